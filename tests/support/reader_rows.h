/* reader_rows: what a test of a format says of its reader as rows of a table: a text, what is asked of it,
 * and the rows or the error that come of it. The functions are made of cmocka's assertions. */
#ifndef READER_ROWS_H
#define READER_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "read_rows.h"

/* ---- columns that are asked for ----------------------------------------------------------------------- */

#define CODE(column)                                                                                         \
    {                                                                                                        \
        .name = column, .decode = MLG_DECODE_CODE, .role = "label"                                           \
    }
#define TEXT(column)                                                                                         \
    {                                                                                                        \
        .name = column, .decode = MLG_DECODE_TEXT, .role = "feature"                                         \
    }
#define NUMBER(column)                                                                                       \
    {                                                                                                        \
        .name = column, .decode = MLG_DECODE_NUMBER, .role = "score"                                         \
    }
#define DROP .on_missing = MLG_ON_MISSING_DROP
#define KEEP .on_missing = MLG_ON_MISSING_KEEP

/* What errors end with. */
#define MAY_DROP "; with 'missing: drop' such rows are left out and counted"
#define NO_NUMBER " is not a number; decimal numbers such as 0.25 or 1e-3 are accepted"

/* ---- a text, and what comes of it --------------------------------------------------------------------- */

enum { READER_ROW_REQUESTS = 4 };

struct reader_row {
    const char *name;
    const char *content;
    struct mlg_column_request requests[READER_ROW_REQUESTS];
    const char *rows; /* what comes out, or */
    const char *told; /* what is said */
    size_t size;      /* 0: up to the final zero */
    const char *path; /* NULL: the one of the format */
    char delimiter, decimal;
    bool from_flags;
    const char *format;
    size_t dictionary_limit;
    int (*sink)(const struct mlg_batch *batch, struct mlg_error *error);
    uint64_t dropped;
    uint64_t missing[READER_ROW_REQUESTS];
};

/* Reads the row with 1 to 4 threads, in blocks of 1, 7, 64 and 4096 bytes, with several instruction sets,
 * from a file and a stream: rows and errors, counts and the hash are the same each time. `twice`: also from a
 * file that is not held in memory, for a format that reads it twice then. */
void reader_row_check(const struct reader_row *row, const char *path, bool twice);

/* ---- files that misbehave ----------------------------------------------------------------------------- */

struct reader_misbehaviour {
    const char *name;
    enum world_memory_kind kind;
    const char *told;
};

/* The text of many rows cannot be read for its column "n", with 1 to 3 threads; `twice` as above. */
void reader_misbehaviour_check(const struct reader_misbehaviour *row, const char *path, const char *text,
                               size_t size, bool twice);

/* ---- one reading -------------------------------------------------------------------------------------- */

/* Reads as `how` says, in a world that holds these bytes alone at `how->path` (NULL: nothing). `told` is what
 * is said, "" for no error; `text` the rows, NULL: any. Returns the code. */
int reader_tells(const struct read_rows *how, enum world_memory_kind kind, const void *bytes, size_t size,
                 const char *text, const char *told);

#endif
