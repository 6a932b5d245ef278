/* unwritten: what is told of an output that a run did not write. Private to lib/rerun. */
#ifndef MLGATE_RERUN_UNWRITTEN_H
#define MLGATE_RERUN_UNWRITTEN_H

#include "mlgate/arena.h"
#include "mlgate/world.h"

/* As a clause about the run: "; it wrote 'model.npy' and 2 more there", the nearest names below `directory`
 * first, and for a name that looks like a pattern that it is none. "" where nobody can say. */
const char *mlg_unwritten(const struct mlg_world *world, const char *directory, const char *output,
                          struct mlg_arena *arena);

#endif
