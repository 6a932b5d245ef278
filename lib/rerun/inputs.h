/* inputs: what a command reads, digested, put into a run's directory and watched.
 *
 * Always true: what counts is what is read, whatever links lead to it. A link that leads out of an input
 * counts as what it leads to, and is a copy of that in a run; one that stays within leads to the same place
 * in the copy.
 */
#ifndef MLG_RERUN_INPUTS_H
#define MLG_RERUN_INPUTS_H

#include <stdbool.h>
#include <stddef.h>

#include "mlgate/arena.h"
#include "mlgate/command.h"
#include "mlgate/error.h"
#include "mlgate/param.h"
#include "mlgate/text.h"
#include "mlgate/world.h"

struct mlg_input_file {
    const char *path;      /* below the input; "": the input itself */
    struct mlg_entry seen; /* of what is read: behind a link what it leads to */
    const char *target;    /* of a link within the input to a directory: where it leads, below the input */
    char sha256[65];       /* of a file; else "" */
};

struct mlg_input {
    struct mlg_input_file *files; /* in the order of their paths' bytes */
    size_t count, capacity;
    char sha256[65]; /* of a file its own, of a directory that of the names and digests in it */
};

/* Do both tell of one file that nobody has touched meanwhile? */
bool mlg_input_looks_the_same(const struct mlg_entry *a, const struct mlg_entry *b);
/* Of `written`, absolute paths, what lies below the input `name` of `base`, as its files are called; in the
 * arena. NULL: no memory. */
const struct mlg_texts *mlg_input_left_out(const struct mlg_world *world, const char *name, const char *base,
                                           const struct mlg_texts *written, struct mlg_arena *arena);
/* The input `name`, which lies at `path`, without `left_out` (paths below it, with all below them) and what
 * belongs to git, which the commit of the code stands for; where `left_out` is NULL all of it. A file that
 * looks as it did in `before` (NULL: nothing is known) is not read again. */
int mlg_input_digest(const struct mlg_world *world, const char *name, const char *path,
                     const struct mlg_texts *left_out, const struct mlg_input *before,
                     struct mlg_arena *arena, struct mlg_input *input, struct mlg_error *error);
/* Is it the directory itself that inputs are relative to: "."? */
bool mlg_input_is_all(const char *name);
/* "changed 'a.csv' in", "added 'a.csv' to", "removed 'a.csv' from", "changed": the first difference, for a
 * sentence that goes on with the name of the input. `may_grow`: what is new is none; else an empty file that
 * is called a lock. NULL: none, or no memory. */
const char *mlg_input_difference(const struct mlg_input *before, const struct mlg_input *now, bool may_grow,
                                 struct mlg_arena *arena);
/* The first file of it that has this content; NULL: none. */
const struct mlg_input_file *mlg_input_with_content(const struct mlg_input *input, const char *sha256);
/* The file of the input `name`, as one of `inputs` would name it. NULL: no memory. */
const char *mlg_input_file_name(const char *name, const struct mlg_input_file *file, struct mlg_arena *arena);
/* Copies inputs that are relative to `base` into `directory`; what one of them holds is copied once. */
int mlg_inputs_place(const struct mlg_world *world, const struct mlg_texts *inputs, const char *base,
                     const char *directory, bool backwards, struct mlg_arena *arena, struct mlg_error *error);

struct mlg_rerun;
/* Of a series of runs, one per input of its order, as they were before the first. */
const struct mlg_input *mlg_rerun_inputs(const struct mlg_rerun *rerun);

#endif
