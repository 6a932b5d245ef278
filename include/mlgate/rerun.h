/* rerun: a user's command run several times, each time in fresh surroundings, and what it wrote kept side by
 * side.
 *
 * Always true: a run has directories of its own, in which nothing lay before; plain runs have one and the
 * same path, one after the other or each in a namespace of its own, so that a path in an output tells
 * nothing; the outputs of a run are moved away and kept until the end, all else that it leaves is removed
 * when it ends; an input that changes, an output that is missing, empty or no file, and a command that does
 * not end by itself with exit code 0 are errors, with the last lines that it printed.
 */
#ifndef MLGATE_RERUN_H
#define MLGATE_RERUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/arena.h"
#include "mlgate/command.h"
#include "mlgate/error.h"
#include "mlgate/param.h"
#include "mlgate/variation.h"
#include "mlgate/world.h"

/* What is run, as the user asks for it. Paths are relative to `base` unless they are absolute. */
struct mlg_rerun_order {
    /* Told of runs that take their time: what they are for ("repro"), and how many are wanted; those beyond
     * look for a cause. NULL: nothing is told. */
    const char *name;
    size_t wanted;
    const char *base;           /* directory of mlgate.yaml, or where mlgate is started */
    struct mlg_texts arguments; /* with {output}, {run}, {seed}, {input} */
    const char *shell;          /* instead of arguments: a text for /bin/sh -c */
    const char *workdir; /* where it runs; NULL: `base`, or with inputs a fresh directory that holds them */
    struct mlg_texts inputs;  /* files and directories that must not change */
    struct mlg_texts written; /* files that mlgate itself writes, seen from where it is started: none of an
                                 input, wherever they lie */
    struct mlg_texts outputs; /* paths in {output}, of files and directories */
    const struct mlg_map *environment; /* values with placeholders, as arguments */
    struct mlg_texts inherit;          /* names beside mlg_command_inherited */
    double timeout;                    /* seconds */
    uint64_t memory;                   /* bytes; 0: no limit */
    bool network;                      /* it may use the network */
    mlg_variation_set vary;            /* what some runs vary: the others get what plain runs have */
    unsigned parallel;                 /* how many runs at a time; 0 and 1: one after the other */
    const char *root; /* where the directories of the runs are to be made, absolute, if nothing is there
                         yet; NULL: anywhere */
};

struct mlg_rerun_file {
    const char *path; /* where it is kept */
    uint64_t size;
    char sha256[65];       /* of a directory that of the names and digests in it */
    char meaning[65];      /* mlg_compare_digest of it without what the gate ignores, where a manifest has
                              one; else "" */
    struct mlg_entry seen; /* as it was when it was hashed */
    char seen_below[65];   /* of a directory: a digest of what its files looked like then; else "" */
};

struct mlg_rerun_run {
    unsigned number;  /* from 1 on */
    const char *seed; /* NULL: none */
    mlg_variation_set varied;
    const char *const *environment; /* all of it */
    struct mlg_rerun_file *outputs; /* one per output of the order */
    struct mlg_command_outcome outcome;
    unsigned at_once; /* of how many runs that could go at a time it was one; 1: it went alone */
    /* Of the first run, where it runs in a directory that is not fresh: what it left otherwise there than it
     * found it, as a clause ("wrote 'a' to the directory that it runs in"). Looked at is all below that
     * directory and that of mlgate.yaml; what lies elsewhere is not. An error. NULL: nothing. */
    const char *stray;
    bool stray_stays;      /* it was not there before: who runs the command again finds it */
    const char *unwatched; /* why it is not known whether it left anything there; NULL: it is */
    const char *unseen;    /* why it is not known whether it read what an earlier run left; NULL: it is */
    /* Files that the command or its scripts name, that were there before all runs and are no inputs, and that
     * it read, or another process meanwhile: whether an earlier gate's run made them nobody knows. */
    struct mlg_texts already;
    /* Of the first run, where it has copies of its inputs and none went beside it: a file that it read, or
     * another process meanwhile, and not the copy ("'src/a.py' where it lies, ..."), and how many there were.
     * NULL: none of those that are watched. */
    const char *original;
    size_t original_count;
    int64_t began;   /* nanoseconds since 1970, by the clock of the disk */
    bool has_failed; /* the command: it did not end well, or did not write what it should */
    /* Of one that failed: the last lines that it printed, where they are more than the error tells. */
    const char **printed;
    size_t printed_count;
    bool has_told_last; /* the error has the last of them */
    const char *copied; /* a file in a directory that it wrote which it has not made, as a clause ("the
                           output 'model' holds 'vocab.txt', ..."); NULL: none is known */
};

struct mlg_rerun; /* a series of runs */

/* Makes a place for runs and finds out what this machine can vary. What it returns lives in the arena; its
 * files until mlg_rerun_end. */
int mlg_rerun_begin(const struct mlg_world *world, const struct mlg_rerun_order *order,
                    struct mlg_arena *arena, struct mlg_rerun **rerun, struct mlg_error *error);
/* One run. `varied` is part of order->vary; `seed` may be NULL. *run is in the arena. Where the first one
 * fails under libfaketime, or does not write its outputs, it is made again without: where that goes well time
 * is no longer among what can be varied. */
int mlg_rerun_run(struct mlg_rerun *rerun, mlg_variation_set varied, const char *seed,
                  struct mlg_rerun_run **run, struct mlg_error *error);
/* Nobody has touched what these runs wrote since: no later run has reached it. */
int mlg_rerun_check_kept(const struct mlg_rerun *rerun, struct mlg_rerun_run *const *runs, size_t count,
                         struct mlg_error *error);
/* What a run is to be; as for mlg_rerun_run. */
struct mlg_rerun_plan {
    mlg_variation_set varied;
    const char *seed;
};
/* `count` runs, as many at a time as mlg_rerun_at_once says; runs[] and *made are the same whatever the order
 * in which they end. Where one fails, no other begins, those that have begun are waited for, the error is
 * that of the first in the order of plans, and *made counts those before it. */
int mlg_rerun_runs(struct mlg_rerun *rerun, const struct mlg_rerun_plan *plans, size_t count,
                   struct mlg_rerun_run **runs, size_t *made, struct mlg_error *error);
/* How many runs may go at a time: order->parallel, or 1. */
unsigned mlg_rerun_at_once(const struct mlg_rerun *rerun);
/* Why it is one although order->parallel is more, as a clause; NULL: it is as it is wanted. */
const char *mlg_rerun_why_one(const struct mlg_rerun *rerun);
/* An input, or a file in one, that has this content, or the file name of this output; NULL: none. */
const char *mlg_rerun_input_with_content(const struct mlg_rerun *rerun, const char *sha256);
const char *mlg_rerun_input_with_name(const struct mlg_rerun *rerun, const char *output);
/* The first file of the inputs that is a pointer of Git LFS, and *count, how many there are; NULL: none. */
const char *mlg_rerun_find_pointer(const struct mlg_rerun *rerun, size_t *count);
/* Size and digest of an output `name`, a file or a directory, that lies at `path`, behind whatever links. */
int mlg_rerun_digest(const struct mlg_world *world, const char *name, const char *path,
                     struct mlg_arena *arena, struct mlg_rerun_file *file, struct mlg_error *error);
/* What of order->vary can be varied here. */
mlg_variation_set mlg_rerun_possible(const struct mlg_rerun *rerun);
/* "time (libfaketime is not installed), locale (...)": what of it cannot; NULL: all can. */
const char *mlg_rerun_impossible(const struct mlg_rerun *rerun, struct mlg_arena *arena);
/* "'/srv/data', which is read where it lies": what of the inputs has its order although file_order is varied;
 * NULL: nothing. */
const char *mlg_rerun_unordered(const struct mlg_rerun *rerun);
/* What it was made of: for a manifest. */
struct mlg_rerun_view {
    const struct mlg_rerun_order *order;
    const char *base, *root;                 /* absolute */
    const char *const *environment;          /* of runs, as far as they have the same */
    const struct mlg_texts *const *left_out; /* per input, what of order->written lies below it */
};
struct mlg_rerun_view mlg_rerun_look(const struct mlg_rerun *rerun);
/* Removes everything that the runs left. NULL is fine. */
void mlg_rerun_end(struct mlg_rerun *rerun);

/* A placeholder where a value cannot be quoted in a text for sh, and what that is ("a here-document"); NULL:
 * none. */
const char *mlg_rerun_unquotable(const char *text, const char **where);

#endif
