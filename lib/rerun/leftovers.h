/* leftovers: files that a later run finds as an earlier one, or somebody before all of them, left them: below
 * the directories for temporary files, that of mlgate.yaml, 'workdir', the user's own HOME, those that the
 * command or its scripts name or absolute inputs lie in, and /run.
 *
 * Always true: that a file was read counts where it has the content of an output and lies in no other project
 * (below a directory with an mlgate.yaml of its own), where the command, or what
 * it reads, names its path, or, of temporary files, where no other process was there that could; else another
 * program may as well have read what it made itself.
 */
#ifndef MLG_RERUN_LEFTOVERS_H
#define MLG_RERUN_LEFTOVERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inputs.h"
#include "mlgate/arena.h"
#include "mlgate/command.h"
#include "mlgate/error.h"
#include "mlgate/rerun.h"
#include "mlgate/world.h"
#include "named.h"

/* The runs so far, those that failed among them, in the order in which they began. */
struct mlg_earlier {
    const struct mlg_rerun_run **runs;
    size_t count, capacity;
    struct mlg_input_file *digested; /* files as large as an output that were there when they began */
    size_t digested_count, digested_capacity;
    const struct mlg_named *named; /* as it was before them; NULL: not yet looked at */
};
/* False: no memory. */
bool mlg_earlier_add(struct mlg_earlier *earlier, const struct mlg_rerun_run *run, struct mlg_arena *arena);

/* Of which runs. */
struct mlg_leftovers_of {
    const struct mlg_world *world;
    const struct mlg_rerun_order *order;
    const char *base, *root, *directory; /* the last one: where the command runs, unless it is_fresh */
    const char *const *environment;      /* before it is varied */
    const struct mlg_input *inputs;      /* one per input of the order */
    bool is_fresh;                       /* it runs in a directory that holds them alone */
    int64_t begun;                       /* what changed after this can be of these runs */
    struct mlg_earlier *earlier;
};

struct mlg_leftover {
    const char *path;
    unsigned run;       /* that left it; 0: it was there before them */
    const char *output; /* whose content it has; NULL: another */
    bool is_named;      /* by the command, and nothing else is known of it */
    /* It is what a copy was made of, for the first run: the clause that says so; NULL: it is not. */
    const char *original;
};

struct mlg_leftovers {
    struct mlg_leftover *items;
    const char **paths; /* for an order of a command; NULL: there are none */
    size_t count;
    bool is_cut;        /* more changed than is looked at, or watched */
    const char *unseen; /* why there may be more beside that, as a clause; NULL: nothing is known of it */
};

/* What the next run will find. */
int mlg_leftovers_find(const struct mlg_leftovers_of *of, struct mlg_arena *arena,
                       struct mlg_leftovers *leftovers, struct mlg_error *error);
/* This run of this command has ended: an error where it read one of them. run->unseen, where it is NULL: that
 * nobody knows whose it was; run->already: what is named that it read. */
int mlg_leftovers_check(const struct mlg_leftovers_of *of, const struct mlg_leftovers *leftovers,
                        const struct mlg_command_order *command, struct mlg_rerun_run *run,
                        struct mlg_arena *arena, struct mlg_error *error);
/* Runs that went at a time, `runs`, have ended well, and `leftovers` was found since: an error where one of
 * them left a file that counts, or where one from before has the content of an output and is named. Whether
 * another of them read it nobody watched. */
int mlg_leftovers_check_beside(const struct mlg_leftovers_of *of, const struct mlg_leftovers *leftovers,
                               struct mlg_rerun_run *const *runs, struct mlg_arena *arena,
                               struct mlg_error *error);

#endif
