/* texts: what can be read of a command: its arguments and variables, and the smaller files that it reads or
 * begins with. Private to lib/rerun.
 *
 * Always true: no file of more than 1 MiB is among them, nor more than 20,000 files or 64 MiB in all; of
 * scripts and configuration, where those alone are wanted, 2,000 at most, and none in hidden directories,
 * site-packages and node_modules. What cannot be read is left out.
 */
#ifndef MLG_RERUN_TEXTS_H
#define MLG_RERUN_TEXTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/arena.h"
#include "mlgate/command.h"

struct mlg_leftovers_of;
struct mlg_named;

enum mlg_texts_kind {
    MLG_TEXTS_ALL,
    MLG_TEXTS_SCRIPTS,      /* files alone: both of these, code first */
    MLG_TEXTS_CODE,         /* by the name of the file, or since it begins with "#!" */
    MLG_TEXTS_CONFIGURATION /* YAML, TOML, JSON, ... */
};

struct mlg_known_texts {
    enum mlg_texts_kind wanted;
    struct mlg_command_text *items;
    size_t count, capacity;
    size_t own; /* the first ones are of the command itself: arguments, variables, and what these name */
    size_t files;
    uint64_t read;
};

/* Of these runs' command, before it is made for one of them. NULL: no memory. */
const struct mlg_command_order *mlg_texts_command(const struct mlg_leftovers_of *of, struct mlg_arena *arena);
/* What is of the command itself. `named`: what it names; NULL: not known. False: no memory. */
bool mlg_texts_add_own(const struct mlg_leftovers_of *of, const struct mlg_command_order *command,
                       const struct mlg_named *named, struct mlg_known_texts *texts, struct mlg_arena *arena);
/* Its inputs; without them, what lies beside mlgate.yaml. */
bool mlg_texts_add_files(const struct mlg_leftovers_of *of, struct mlg_known_texts *texts,
                         struct mlg_arena *arena);
/* Is it a script, by the name of the file? */
bool mlg_texts_is_code(const char *path);

#endif
