/* outputs: an output of a run as it is looked at, a file or a directory. Private to outputs.c and
 * output_directory.c.
 *
 * Always true: functions that return int return MLG_OK or the code of the error that they have set.
 */
#ifndef MLGATE_RERUN_OUTPUTS_H
#define MLGATE_RERUN_OUTPUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "rerun_private.h"

/* The bytes of a run's outputs together: what is more takes hours to compare, outside of any time-out. */
static const uint64_t mlg_output_most = (uint64_t)64 << 30;

struct mlg_output {
    const struct mlg_rerun *rerun;
    struct mlg_rerun_run *run;
    const char *kept; /* where all of the run is kept */
    int64_t started;
    const char *name;
    struct mlg_rerun_file *file;
    struct mlg_error *error;
};

/* ---- outputs.c: of each file ------------------------------------------------------------------------- */

/* What an output is that is no file. */
const char *mlg_output_kind_words(enum mlg_entry_kind kind);
/* Is it older than the run, and not on purpose? */
bool mlg_output_is_old(const struct mlg_output *output, const struct mlg_entry *entry);
/* Does its time stamp say 1980 or before, as that of what came out of an archive may, with nothing set that
 * asks for it? */
bool mlg_output_is_undated(const struct mlg_output *output, const struct mlg_entry *entry);
int mlg_output_refuse_hard_links(const struct mlg_output *output, const char *name,
                                 const struct mlg_entry *entry);
int mlg_output_refuse_empty(const struct mlg_output *output);

/* ---- output_directory.c: of a directory --------------------------------------------------------------- */

/* All that is below a directory of a run. */
int mlg_output_list(const struct mlg_rerun *rerun, const char *directory, struct mlg_arena *arena,
                    struct mlg_entries *entries, struct mlg_error *error);
/* Fills in the size of all files in it, what they look like and, unless they are too large, the digest. */
int mlg_output_look_at_directory(const struct mlg_output *output);
/* Does a directory hold what it held? A file does. */
int mlg_output_check_below(const struct mlg_rerun *rerun, const struct mlg_rerun_file *file, bool *same,
                           struct mlg_error *error);

#endif
