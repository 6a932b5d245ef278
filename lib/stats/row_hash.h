/* row_hash: cells in a form in which equal values are equal bytes, and hashes of rows. Private to lib/stats.
 *
 * Always true: two cells have the same words if and only if they are equal: both missing, or the same number
 * digit by digit however written (1, 1.0, +1, 01 and 1e0), or the same bytes that are no number. The first
 * word of a cell tells how many words it has, so that a row of such cells is read in one way only. */
#ifndef MLGATE_STATS_ROW_HASH_H
#define MLGATE_STATS_ROW_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/table.h"

/* SipHash-2-4 with 128 bits: Aumasson and Bernstein 2012, "SipHash: a fast short-input PRF". */
struct mlg_hash_key {
    uint64_t words[2];
};
struct mlg_hash {
    uint64_t words[2];
};

/* The key that belongs to a seed: other seeds, other hashes. */
struct mlg_hash_key mlg_hash_key_of(uint64_t seed);
struct mlg_hash mlg_hash_bytes(struct mlg_hash_key key, const void *bytes, size_t size);
struct mlg_hash mlg_hash_words(struct mlg_hash_key key, const uint64_t *words, size_t count);
static inline bool mlg_hash_equal(struct mlg_hash a, struct mlg_hash b)
{
    return a.words[0] == b.words[0] && a.words[1] == b.words[1];
}

/* Words enough for any cell of so many bytes. */
static inline size_t mlg_cell_room_words(size_t size)
{
    return size / 8 + 4;
}

enum mlg_cell_kind { MLG_CELL_IS_MISSING, MLG_CELL_IS_NUMBER, MLG_CELL_IS_TEXT };

/* Writes the cell's words to `out`, returns how many. `decimal` is the mark between a number's whole and its
 * decimals. *kind may be NULL. */
size_t mlg_cell_words(struct mlg_text cell, char decimal, uint64_t *out, enum mlg_cell_kind *kind);

/* The words of a row, one after the other; grows as it must. Zeroed: empty. */
struct mlg_row_words {
    uint64_t *words;
    size_t count, capacity;
};
/* False: no memory. */
bool mlg_row_words_reserve(struct mlg_row_words *row, size_t more);
/* The words of row `index` of cells[column][row]. False: no memory. */
bool mlg_row_words_of(struct mlg_row_words *row, const struct mlg_text *const *cells, size_t columns,
                      size_t index, char decimal);
void mlg_row_words_free(struct mlg_row_words *row);

#endif
