/* blocks: a file read by several workers at once, each with a feed of its own.
 *
 * A block is taken under a lock, one after the other; all that can be done outside of the lock, which is the
 * bulk, is. Blocks are numbered, and a format cuts them the same way for any number of workers; the error
 * that is told is the one of the lowest number. So the first error of the file wins. A plain file that
 * several read is hashed beside them, on a thread of its own.
 */
#ifndef MLG_DATA_BLOCKS_H
#define MLG_DATA_BLOCKS_H

#include "feed.h"

struct mlg_block_work {
    void *self;     /* what the workers share; `take` alone may change it */
    bool is_small;  /* it is not worth more than one worker */
    bool is_hashed; /* the source was read before */
    /* A worker with its feed; NULL: no memory. */
    void *(*begin)(void *self, struct mlg_feed *feed);
    /* Under the lock: takes the next block, of so many bytes. True: it is the last, be it for an error. */
    bool (*take)(void *worker, size_t *bytes);
    /* Feeds the block. Returns 0, or the code of the error. */
    int (*feed)(void *worker, struct mlg_error *error);
    void (*end)(void *worker);
};

/* Reads on from where the source is. */
int mlg_blocks_read(struct mlg_reader *reader, const struct mlg_read_order *order,
                    const struct mlg_block_work *work, struct mlg_read_summary *summary, uint64_t *missing,
                    struct mlg_error *error);

/* Room for bytes that are cut into blocks; *bytes is malloc'd, or NULL, and is not NULL after. False: no
 * memory. */
bool mlg_blocks_reserve(char **bytes, size_t *capacity, size_t needed);
unsigned long mlg_blocks_line_feeds(const char *text, size_t size);

#endif
