/* feed: what a worker has read, as batches for its sink. One for every worker.
 *
 * A format hands on either records of texts (mlg_feed_records: they are decoded here), or columns that it has
 * decoded itself (it fills mlg_feed_numbers, _codes, _texts and feed->dropped, and calls mlg_feed_rows).
 *
 * Always true:
 *  - rows go to the sink in their order, at most MLG_BATCH_ROWS at a time, up to the first error
 *  - of the errors in a batch that one is told which stands first in the file: by row, then by column
 *  - rows that are dropped stand behind the others of their batch, and are counted
 */
#ifndef MLG_DATA_FEED_H
#define MLG_DATA_FEED_H

#include "cell.h"
#include "reader.h"

/* Where records lie, for errors about them. */
struct mlg_feed_places {
    /* Of the record; `at` is a byte of its text, for formats that hand on records of texts. */
    struct mlg_place (*place)(const void *self, size_t record, const char *at);
    const void *self;
};

struct mlg_feed {
    struct mlg_reader *reader;
    const struct mlg_read_order *order;
    const size_t *turns; /* the requests in the order of their columns in the file */
    size_t worker;       /* its number: of its context and dictionaries */
    uint64_t block;      /* the number of the block that the records are of; set by who takes it */

    struct mlg_column *columns;            /* per request: room for MLG_BATCH_ROWS */
    unsigned char dropped[MLG_BATCH_ROWS]; /* per record of the batch: it lacks a value, and is dropped */
    uint64_t *missing;                     /* per request: cells so far */
    uint64_t rows, rows_dropped;           /* handed on so far */

    struct mlg_cell_cache **caches; /* per request; NULL but for codes */
    struct mlg_cell_room *rooms;    /* per request; of texts: they stay as long as the batch */
    struct mlg_cell_room room;
    uint32_t row_order[MLG_BATCH_ROWS]; /* the records behind the rows, once rows were dropped */
    double numbers[MLG_BATCH_ROWS];     /* a column while its rows are moved */
    uint32_t codes[MLG_BATCH_ROWS];
    struct mlg_text texts[MLG_BATCH_ROWS];
};

/* NULL: no memory. `turns` has to outlive it. */
struct mlg_feed *mlg_feed_new(struct mlg_reader *reader, const struct mlg_read_order *order,
                              const size_t *turns, size_t worker);
void mlg_feed_free(struct mlg_feed *feed);
/* What mlg_feed_new is given; in the reader's arena, NULL: no memory. */
const size_t *mlg_feed_turns(const struct mlg_reader *reader, const struct mlg_read_order *order);

/* Decodes `count` records of texts, and hands them on. fields[k] is the field of request k. Returns 0, or the
 * error's code. */
int mlg_feed_records(struct mlg_feed *feed, const struct mlg_records *records, size_t count,
                     const size_t *fields, const struct mlg_feed_places *places, struct mlg_error *error);

/* The columns of a batch that is being filled, by request. */
double *mlg_feed_numbers(const struct mlg_feed *feed, size_t request);
uint32_t *mlg_feed_codes(const struct mlg_feed *feed, size_t request);
struct mlg_text *mlg_feed_texts(const struct mlg_feed *feed, size_t request);
/* Hands on the `count` (at most MLG_BATCH_ROWS) rows that the columns hold, the first of which is record
 * `first` of the block, without those that are marked in feed->dropped, which is set for all of them. */
int mlg_feed_rows(struct mlg_feed *feed, size_t first, size_t count, const struct mlg_feed_places *places,
                  struct mlg_error *error);
/* Tells what is wrong with a cell, which is shown as `text`. Returns the error's code. */
int mlg_feed_tell(const struct mlg_feed *feed, size_t request, enum mlg_cell_outcome outcome,
                  struct mlg_text text, struct mlg_place place, struct mlg_error *error);

#endif
