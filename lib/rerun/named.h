/* named: the absolute paths that a command names itself, in its arguments and in the variables that are set
 * for it, and then those that its scripts and configuration name, as they were before its runs.
 *
 * Always true: nothing of the system itself (/usr, /etc, ...) is among them, and no file is a program or a
 * script. What arguments name comes first; scripts get what it leaves of the limits.
 */
#ifndef MLG_RERUN_NAMED_H
#define MLG_RERUN_NAMED_H

#include <stdbool.h>
#include <stddef.h>

#include "mlgate/arena.h"
#include "mlgate/command.h"

struct mlg_leftovers_of;

/* A directory that holds what is named, or is it. */
struct mlg_named_directory {
    const char *called, *real;
    bool is_itself;
    bool is_of_script; /* nothing but what the command reads names it */
    bool is_listed;    /* all that was in it is known */
    struct mlg_entries before;
};

enum { MLG_MOST_NAMED = 64, MLG_MOST_PATHS = 256 };

struct mlg_named {
    struct mlg_named_directory directories[MLG_MOST_NAMED];
    const char *files[MLG_MOST_NAMED]; /* that were there, and are no inputs; as they really lie */
    const char *paths[MLG_MOST_PATHS]; /* whole ones, as they are called, there or not */
    size_t directory_count, file_count, path_count;
    size_t own_path_count; /* the first ones are of the command itself, not of scripts */
    size_t at_root_count;  /* of the directories those in "/" that were not there */
};

/* NULL: no memory. */
const struct mlg_named *mlg_named_find(const struct mlg_leftovers_of *of, struct mlg_arena *arena);
/* Was the file, whose path below that of the directory is told, not there before the runs? */
bool mlg_named_is_new(const struct mlg_named_directory *directory, const char *below);
/* Is the whole path that begins a text of `size` bytes one of the command's own `paths`? */
bool mlg_named_has(const struct mlg_named *named, const char *text, size_t size);
/* Does a variable, or "NAME=value", say where programs and libraries lie? */
bool mlg_named_is_of_programs(const char *variable);

#endif
