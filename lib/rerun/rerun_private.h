/* rerun_private: a series of runs, and what the files that make them share. Private to lib/rerun.
 *
 * Always true: functions that return int return MLG_OK or the code of the error that they have set; what they
 * make stands in the arena of the series, of runs beside one another in one of each.
 */
#ifndef MLGATE_RERUN_PRIVATE_H
#define MLGATE_RERUN_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "inputs.h"
#include "leftovers.h"
#include "mlgate/arena.h"
#include "mlgate/command.h"
#include "mlgate/error.h"
#include "mlgate/param.h"
#include "mlgate/rerun.h"
#include "mlgate/variation.h"
#include "mlgate/world.h"

struct mlg_rerun {
    const struct mlg_world *world;
    const struct mlg_runner *runner;
    const struct mlg_rerun_order *order;
    struct mlg_arena *arena;
    const char *root, *base;
    void *guard;        /* removes the root where this process cannot any more; NULL: none */
    const char *kept;   /* where the runs' outputs are moved to, which no command finds */
    int64_t not_before; /* nanoseconds since 1970: when later runs begin; 0: at once */
    struct mlg_command_means means;
    struct mlg_run_surroundings common; /* of every run, before it is varied */
    mlg_variation_set possible;
    bool is_fresh;                     /* it runs in a directory that holds its inputs */
    struct mlg_input *inputs;          /* as they were before the first run */
    struct mlg_texts written;          /* what mlgate itself writes, absolute */
    const struct mlg_texts **left_out; /* per input, what of that lies below it */
    unsigned count;
    unsigned at_once;
    const char *why_one; /* NULL: at_once is what is wanted */
    /* Of a run beside others: a directory that its command finds at `root`. NULL: it is `root`. */
    const char *apart;
    /* Where directories of inputs lie in memory, for runs that vary their order; NULL: nowhere. */
    const char *in_memory;
    void *memory_guard;               /* as `guard`, of that */
    struct mlg_texts in_memory_names; /* of what lies there, in the directory of a run */
    const char *unordered;            /* what of the inputs file_order leaves as it is; NULL: nothing */
    int64_t begun;                    /* nanoseconds since 1970, by the clock of the disk */
    struct mlg_earlier *earlier;
    struct mlg_leftovers left; /* what runs beside each other find of those before them */
};

static inline int mlg_rerun_no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory for a run");
}

static inline const char *mlg_rerun_within(const char *directory, const char *path, struct mlg_arena *arena)
{
    return path[0] == '/' ? path : mlg_arena_format(arena, "%s/%s", directory, path);
}

static inline const char *mlg_rerun_last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* ---- unchanged.c: what the runs read -------------------------------------------------------------- */

/* An error where a run would lie in what it reads, or an input in the place of {output}. */
int mlg_rerun_check_places(const struct mlg_rerun *rerun, struct mlg_error *error);
/* All inputs as they are now, before the first run. */
int mlg_rerun_digest_inputs(struct mlg_rerun *rerun, struct mlg_error *error);
/* After the run `number`, in whose `directory` copies are if there are any: an error where one is not as it
 * was. */
int mlg_rerun_check_inputs(const struct mlg_rerun *rerun, const char *directory, unsigned number,
                           struct mlg_error *error);

/* After the last run: reads all originals of which there were copies, which after each run are looked at. */
int mlg_rerun_check_originals(const struct mlg_rerun *rerun, struct mlg_error *error);

/* ---- surroundings.c: what a command finds around it ------------------------------------------------ */

/* The environment of every run, with names that the user lets in; its own directories lie in `own`. False:
 * no memory. */
bool mlg_rerun_make_environment(struct mlg_rerun *rerun, const char *own);
/* Of enum mlg_isolation. */
unsigned mlg_rerun_isolation(const struct mlg_rerun_order *order);
/* Runs beside each other need one and the same path, which only namespaces give: tries with a command that
 * does nothing whether there are any. */
int mlg_rerun_decide_at_once(struct mlg_rerun *rerun, struct mlg_error *error);
mlg_variation_set mlg_rerun_find_possible(const struct mlg_rerun *rerun);
/* Directories of the next run's own. */
int mlg_rerun_make_own(const struct mlg_rerun *rerun, struct mlg_error *error);
/* Does nothing that is known of the command lie in shared memory? An argument that is made by the run itself
 * may. */
bool mlg_rerun_may_empty_shared_memory(const struct mlg_rerun *rerun, const char *directory,
                                       const struct mlg_command_order *command);
/* Is libfaketime in effect, which gives each run a time of its own? */
bool mlg_rerun_has_own_time(const struct mlg_rerun *rerun, const struct mlg_run_surroundings *made);

/* Does a command start with `order`, of which it says how directories are shown? *why: why not, or NULL. */
int mlg_rerun_try(const struct mlg_rerun *rerun, const struct mlg_command_order *order, bool *can,
                  const char **why, struct mlg_error *error);

/* ---- preload.c: libfaketime before the command -------------------------------------------------------- */

/* Why it would have no effect, as far as the program of the command shows, as a clause; NULL: it may. */
const char *mlg_rerun_no_preload(const struct mlg_rerun *rerun);

/* ---- in_memory.c: directories of inputs in memory, where the disk has an order of its own -------------- */

/* After inputs were digested: can file_order be varied, if need be with them in memory, and of all of them?
 * rerun->means and `unordered` say so. */
int mlg_rerun_find_memory(struct mlg_rerun *rerun, struct mlg_error *error);
/* Puts them there for the run `number`, in whose `directory` they lie too, and tells where in *laid. */
int mlg_rerun_lay_in_memory(const struct mlg_rerun *rerun, unsigned number, const char *directory,
                            const struct mlg_laid **laid, struct mlg_error *error);
/* After it: where they lie in its directory are links to what the command found in their place. */
int mlg_rerun_link_to_memory(const struct mlg_rerun *rerun, const struct mlg_laid *laid,
                             struct mlg_error *error);
int mlg_rerun_leave_memory(const struct mlg_rerun *rerun, unsigned number, struct mlg_error *error);

/* ---- ending.c: how the command of a run ended -------------------------------------------------------- */

/* "; it printed last: ...", for a sentence in which the run is called `who`; "": nothing. All of the last
 * lines are kept in run->printed, where they are more; in front of them, where frames of libraries are all
 * that they have of a traceback of Python, the last one of the run's own files. */
const char *mlg_rerun_last_lines(const struct mlg_rerun *rerun, struct mlg_rerun_run *run, const char *who);
/* Adds that to an error of the run which has ended, where it does not tell it. */
void mlg_rerun_tell_last_lines(const struct mlg_rerun *rerun, struct mlg_rerun_run *run,
                               struct mlg_error *error);
/* An error where it did not succeed, or may have lost what it wrote. */
int mlg_rerun_check_ending(const struct mlg_rerun *rerun, const struct mlg_command_order *command,
                           struct mlg_rerun_run *run, struct mlg_error *error);

/* ---- hints.c: what a run that failed seems not to have found --------------------------------------------
 */

/* "; 'train.py' lies beside mlgate.yaml and is not in 'inputs': ..."; "": nothing is known to be missing. */
const char *mlg_rerun_hint(const struct mlg_rerun *rerun, const struct mlg_command_order *command,
                           const struct mlg_command_outcome *outcome);

/* ---- outputs.c: what a run wrote ---------------------------------------------------------------------- */

/* The first output that the run, which has ended in `directory`, wrote there and not to {output}; NULL: none.
 */
const char *mlg_rerun_find_misplaced(const struct mlg_rerun *rerun, const char *directory);
/* Finds the outputs where they are kept. `started`: what is older was not made by this run. `misplaced`: as
 * above. */
int mlg_rerun_find_outputs(const struct mlg_rerun *rerun, const char *kept, int64_t started,
                           const char *misplaced, struct mlg_rerun_run *run, struct mlg_error *error);

/* ---- stray.c: what a run leaves where later ones find it ---------------------------------------------- */

/* Directories that later runs share, before and after the first run. */
struct mlg_watched {
    struct mlg_watch {
        const char *directory, *called;
        struct mlg_entries before, after;
        bool is_too_large;
        const char *problem;
    } items[2];
    size_t count;
};
/* Looks around before the first run, which runs in `directory`. */
int mlg_rerun_watch(const struct mlg_rerun *rerun, const char *directory, struct mlg_watched *watched,
                    struct mlg_error *error);
/* And after it, for run->stray and run->unwatched. */
int mlg_rerun_find_stray(const struct mlg_rerun *rerun, struct mlg_watched *watched,
                         struct mlg_rerun_run *run, struct mlg_error *error);
/* The error that run->stray is. */
int mlg_rerun_refuse_stray(const struct mlg_rerun *rerun, const struct mlg_rerun_run *run,
                           struct mlg_error *error);
struct mlg_leftovers_of mlg_rerun_leftovers_of(const struct mlg_rerun *rerun);
/* What earlier runs left for the next ones, and what the command names. */
int mlg_rerun_find_left(struct mlg_rerun *rerun, struct mlg_error *error);

/* ---- originals.c: what inputs were copied from --------------------------------------------------------- */

/* Before the first run, where none goes beside it: has the files watched that it has copies of, and those
 * that an editable install leads to, code first. */
int mlg_rerun_watch_originals(const struct mlg_rerun *rerun, struct mlg_leftovers *left,
                              struct mlg_error *error);

/* ---- one_run.c: a run from its fresh directory to its kept outputs ------------------------------------- */

/* The run `number`; *run is there where it has begun, too. */
int mlg_rerun_make_run(const struct mlg_rerun *rerun, unsigned number, const struct mlg_rerun_plan *plan,
                       struct mlg_rerun_run **run, struct mlg_error *error);
/* A run that none goes beside: it is watched for what all before it left. */
int mlg_rerun_make_alone(struct mlg_rerun *rerun, unsigned number, const struct mlg_rerun_plan *plan,
                         struct mlg_rerun_run **run, struct mlg_error *error);
/* When runs are to begin after one that ended so, that a clock which counts seconds tells another time: in a
 * later second than that in which it ended, or a whole second after it began, whichever comes first. */
int64_t mlg_rerun_begin_others(const struct mlg_rerun_run *first);

#endif
