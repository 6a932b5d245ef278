/* row_chunks: rows of so many words each, added one by one, whose number is not known before. Private to
 * lib/stats. */
#ifndef MLGATE_STATS_ROW_CHUNKS_H
#define MLGATE_STATS_ROW_CHUNKS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct mlg_row_chunk {
    struct mlg_row_chunk *next; /* an older one */
    size_t count;               /* rows */
    uint64_t words[];
};

/* Room for one row more, in a new chunk where there is none or it has `most` rows. NULL: no memory. */
static inline uint64_t *mlg_row_chunk_add(struct mlg_row_chunk **newest, size_t most, size_t stride)
{
    struct mlg_row_chunk *chunk = *newest;
    if (!chunk || chunk->count == most) {
        chunk = malloc(sizeof *chunk + most * stride * sizeof *chunk->words);
        if (!chunk)
            return NULL;
        chunk->next = *newest;
        chunk->count = 0;
        *newest = chunk;
    }
    return chunk->words + chunk->count++ * stride;
}

static inline void mlg_row_chunks_free(struct mlg_row_chunk **newest)
{
    while (*newest) {
        struct mlg_row_chunk *next = (*newest)->next;
        free(*newest);
        *newest = next;
    }
}

#endif
