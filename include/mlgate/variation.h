/* variation: what is changed between two runs of a command, and which of it makes the outputs differ.
 *
 * Always true: all of it is pure; a set of variations is a word of bits, bit i for mlg_variations[i]; a run
 * to which no variation is applied is plain.
 */
#ifndef MLGATE_VARIATION_H
#define MLGATE_VARIATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/command.h"

/* ---- what can be varied ------------------------------------------------------------------------------ */

typedef uint32_t mlg_variation_set;

/* One run in the making. The gate fills it as every run has it; variations change it. */
struct mlg_run_surroundings {
    const char **environment;     /* of mlg_command_environment */
    const struct mlg_map *pinned; /* of it, what the user has set, which is never varied; NULL: nothing */
    const char *own;              /* the directory of HOME, TMPDIR and the like */
    const char *directory;        /* in which the command will run */
    bool inputs_are_backwards;    /* `backwards` of place() */
    struct mlg_command_settings settings;
};

/* A row of variations.def. Texts are a part of a sentence, without capital and full stop. */
struct mlg_variation {
    const char *name;    /* as `vary` has it */
    const char *sets;    /* what a varied run has and plain runs have not */
    const char *detects; /* what it is that makes outputs differ then */
    const char *remedy;  /* what may be done about it */
    /* Variables: "NAME=value;NAME=value". Those of plain runs count where the environment has no such name;
     * of "value|other|..." a varied run has the first that is not the plain run's. "x86_64:NAME=value" is
     * only for such machines. {locale}, {faketime}, {own}, {directory}, {threads} and {PATH} are filled in;
     * what has nothing to be filled in with is left out. NULL: none. */
    const char *plain, *varied;
    /* What is no variable; NULL: nothing. */
    const char *(*missing)(const struct mlg_command_means *means); /* why not, NULL: it can be done */
    bool (*set_plain)(struct mlg_run_surroundings *run, struct mlg_arena *arena);
    bool (*set_varied)(struct mlg_run_surroundings *run, struct mlg_arena *arena);
    const char *when_missing; /* why no variable of `varied` is left, but for those that are pinned */
};

extern const struct mlg_variation mlg_variations[];
extern const size_t mlg_variation_count; /* at most 32 */

/* The set that has only this one; 0: unknown name. */
mlg_variation_set mlg_variation_of(const char *name);
/* How many are in it. */
unsigned mlg_variation_size(mlg_variation_set set);
/* "threads", "threads and locale", "threads, locale and home"; "none". NULL: no memory. */
const char *mlg_variation_words(mlg_variation_set set, struct mlg_arena *arena);
/* Why it cannot be done for such a run here, as a clause ("no locale with a decimal comma is installed",
 * "`environment` sets PYTHONHASHSEED"); NULL: it can. */
const char *mlg_variation_missing(const struct mlg_variation *variation,
                                  const struct mlg_command_means *means,
                                  const struct mlg_run_surroundings *run, struct mlg_arena *arena);
/* Those of a set that can be done. */
mlg_variation_set mlg_variation_possible(mlg_variation_set set, const struct mlg_command_means *means,
                                         const struct mlg_run_surroundings *run, struct mlg_arena *arena);

/* Makes a run out of the surroundings that all runs have: those of `considered` that can be done get what
 * plain runs have, and those of them that are in `varied` what varied ones have. Plain and varied runs differ
 * in nothing else. Fails for want of memory alone; `run` is then not to be used. */
int mlg_variation_apply(mlg_variation_set considered, mlg_variation_set varied,
                        const struct mlg_command_means *means, struct mlg_run_surroundings *run,
                        struct mlg_arena *arena, struct mlg_error *error);

/* ---- which of them matters ----------------------------------------------------------------------------- */

enum mlg_culprit_kind {
    MLG_CULPRIT_OPEN,   /* there are runs to make */
    MLG_CULPRIT_NONE,   /* with everything varied the outputs are the same */
    MLG_CULPRIT_CHANCE, /* plain runs differ */
    MLG_CULPRIT_NAMED,  /* `set` makes them differ, and no smaller part of it does */
    MLG_CULPRIT_AMONG   /* no more is known than that what makes them differ is in `set`, unless `at_times` */
};

/* A search, made of runs one after the other, plain ones among them. A run that differs shows that its set
 * matters, unless plain ones differ too; one that does not shows little where the same set, or a part of it,
 * made another run differ: then, and before anything is named, the same is asked again. */
struct mlg_culprit {
    enum mlg_culprit_kind kind;
    mlg_variation_set set;
    bool is_confirmed;         /* NAMED: enough runs with `set` differ, and enough without do not */
    bool at_times;             /* of the runs with `set` some do not differ; AMONG: chance is not ruled out */
    bool others_known, others; /* NAMED: whether all but `set` make them differ as well */
    unsigned with, with_that_differ, plain; /* runs that varied `set` and perhaps more, and that nothing */
    unsigned runs;                          /* that were told */

    /* The search's own. */
    mlg_variation_set all, first, asked;
    unsigned budget;
    struct {
        mlg_variation_set set;
        unsigned differ, same;
    } told[64]; /* what came of runs with this set */
    unsigned told_count;
};

/* Looks for it in `all`, with at most `budget` runs (0: none are allowed). */
void mlg_culprit_begin(struct mlg_culprit *culprit, mlg_variation_set all, unsigned budget);
/* Others may do what they do by this one of them: it is tried alone first, and named where it makes runs
 * differ. Whether others matter by themselves is not known then, even where `others` make runs differ. */
void mlg_culprit_try_first(struct mlg_culprit *culprit, mlg_variation_set first);
/* What is known before the search: a run that has been made. It is not of the budget. */
void mlg_culprit_observe(struct mlg_culprit *culprit, mlg_variation_set varied, bool differs);
/* The next run to make: true, and what it varies. False: the search has ended. */
bool mlg_culprit_next(const struct mlg_culprit *culprit, mlg_variation_set *set);
/* What came of it: does its output differ from the first plain run's? */
void mlg_culprit_tell(struct mlg_culprit *culprit, bool differs);
/* No more runs can be made: the search ends with what is known. */
void mlg_culprit_stop(struct mlg_culprit *culprit);
/* The most runs that naming one culprit among `count` takes, where it always makes outputs differ: what a
 * budget should allow. */
unsigned mlg_culprit_budget(unsigned count);

#endif
