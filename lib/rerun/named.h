/* named: the absolute paths that a command names itself, in its arguments and in the variables that are set
 * for it, as they were before its runs.
 *
 * Always true: nothing of the system itself (/usr, /etc, ...) is among them, no program, and no script.
 */
#ifndef MLG_RERUN_NAMED_H
#define MLG_RERUN_NAMED_H

#include <stdbool.h>
#include <stddef.h>

#include "mlgate/arena.h"

struct mlg_leftovers_of;

/* A directory that holds what is named, or is it. */
struct mlg_named_directory {
    const char *called, *real;
    bool is_itself;
};

enum { MLG_MOST_NAMED = 16 };

struct mlg_named {
    struct mlg_named_directory directories[MLG_MOST_NAMED];
    const char *files[MLG_MOST_NAMED]; /* that were there, and are no inputs; as they really lie */
    size_t directory_count, file_count;
};

/* NULL: no memory. */
const struct mlg_named *mlg_named_find(const struct mlg_leftovers_of *of, struct mlg_arena *arena);

#endif
