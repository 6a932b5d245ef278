/* compared: two files of a world in memory, compared by meaning, and what was found as one text. */
#ifndef COMPARED_H
#define COMPARED_H

#include <stdbool.h>

#include "mlgate/compare.h"
#include "world_memory.h"

struct compared {
    struct world_memory memory; /* the files are put here */
    struct mlg_arena arena;
    struct mlg_comparison comparison;
    struct mlg_error error; /* of the last comparison; code 0: none */
};

void compared_begin(struct compared *compared);
/* Compares two files of the world; `options` NULL: none. Returns the code. May be called again. */
int compared_files(struct compared *compared, const char *a, const char *b,
                   const struct mlg_compare_options *options);
/* Asserts what came of it: an error that begins with `told`, or parts, as in
 * "v only_in_a; w different 1/2 abs 1 ulp 64 at w[1]: 2, 3", that are the same or not. `brief` leaves out
 * parts that are identical, and "ulp 64". */
void compared_check(const struct compared *compared, const char *told, bool same, bool brief);
void compared_end(struct compared *compared);

#endif
