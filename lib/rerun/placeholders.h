/* placeholders: what stands in a command for the directories, the number and the seed of a run. Private to
 * lib/rerun.
 *
 * Always true: in a text for sh a value stands for itself and is never more than a value, as the quotes need
 * it that it stands in.
 */
#ifndef MLGATE_RERUN_PLACEHOLDERS_H
#define MLGATE_RERUN_PLACEHOLDERS_H

#include <stdbool.h>

#include "mlgate/arena.h"

struct mlg_placeholders {
    const char *output, *seed, *input;
    char number[16];
};

/* Fills placeholders in; "{seed}" without a seed stays as it stands. `is_shell`: into a text of sh. NULL: no
 * memory. */
const char *mlg_placeholders_fill(const char *text, bool is_shell, const struct mlg_placeholders *values,
                                  struct mlg_arena *arena);

#endif
