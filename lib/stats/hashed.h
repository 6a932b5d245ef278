/* hashed: rows by what they hold, so that neither their order nor the threads decide. Private to lib/stats.
 */
#ifndef MLG_STATS_HASHED_H
#define MLG_STATS_HASHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simple.h"

struct mlg_hashed {
    uint64_t hash; /* of what the row holds */
    size_t row;
};

uint64_t mlg_hashed_mix(uint64_t hash, uint64_t word);
/* The bits of a number, of -0 those of 0. */
uint64_t mlg_hashed_bits(double value);
/* Stands for a missing cell, unlike every number (0 does not). */
#define MLG_HASHED_MISSING UINT64_MAX
/* Every row with the hash of its cells, numbers and texts by their bytes, missing ones by `missing`. False:
 * no memory. */
bool mlg_hashed_cells(const struct mlg_features *features, uint64_t missing, struct mlg_hashed *rows);
/* Ascending by hash; equal ones stay in their order. False: no memory. */
bool mlg_hashed_sort(struct mlg_hashed *rows, size_t count);
/* Draws `most` rows of `count`, more than `most`: equal rows apart from each other, so that each is as
 * likely. The drawn ones come first, ascending by row. False: no memory. */
bool mlg_hashed_draw(struct mlg_hashed *rows, size_t count, size_t most, uint64_t salt);

#endif
