/* parquet_encodings: numbers that Parquet packs into bits.
 *
 * Always true: nothing beyond `end` is read; a reader that has come to bytes that cannot be gives fewer
 * values than it was asked for, and no more ever.
 */
#ifndef MLG_DATA_PARQUET_ENCODINGS_H
#define MLG_DATA_PARQUET_ENCODINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Runs of one value, and values of `width` bits one behind the other: levels, indices, booleans. */
struct mlg_hybrid {
    const unsigned char *at, *end;
    unsigned width; /* 0 .. 32 */
    uint64_t run;   /* values left of the run */
    bool packed;
    uint32_t value;              /* of a run of one value */
    const unsigned char *values; /* of a packed one */
    uint64_t bit;                /* the next one begins there */
};
void mlg_hybrid_begin(struct mlg_hybrid *hybrid, const unsigned char *at, const unsigned char *end,
                      unsigned width);
/* Returns how many of `count` values there were. */
size_t mlg_hybrid_read(struct mlg_hybrid *hybrid, uint32_t *out, size_t count);

/* DELTA_BINARY_PACKED: the first number, and what is between each one and the next. */
struct mlg_delta {
    const unsigned char *at, *end; /* `at`: behind the miniblock that is being read */
    uint64_t total, left;          /* numbers: in all, and still to be read */
    uint64_t in_miniblock;         /* numbers in each */
    unsigned miniblocks;           /* in each block */
    unsigned next_miniblock;       /* of the block */
    const unsigned char *widths;   /* of the block's miniblocks */
    const unsigned char *values;   /* of the miniblock */
    uint64_t miniblock_left, bit;
    unsigned width;
    uint64_t last, least; /* modulo 2^64 */
    bool begun, bad;
};
/* False: it is no such encoding. */
bool mlg_delta_begin(struct mlg_delta *delta, const unsigned char *at, const unsigned char *end);
size_t mlg_delta_read(struct mlg_delta *delta, int64_t *out, size_t count);
/* Where the numbers end; NULL: they cannot be read to their end. The reader itself stays where it is. */
const unsigned char *mlg_delta_end(const struct mlg_delta *delta);

#endif
