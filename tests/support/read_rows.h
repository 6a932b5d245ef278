/* read_rows: all that a reader says about a file, as one text, for tests and fuzzers to compare. */
#ifndef READ_ROWS_H
#define READ_ROWS_H

#include <stddef.h>

#include "../../lib/data/reader.h"
#include "mlgate/table.h"
#include "world_memory.h"

enum { READ_ROWS_REQUESTS = 8 };

struct read_rows {
    const char *path;
    struct mlg_reader_options options;      /* but for the path */
    const struct mlg_reader_tuning *tuning; /* NULL: the usual */
    unsigned threads;
    size_t dictionary_limit;
    struct mlg_column_request requests[READ_ROWS_REQUESTS];              /* up to the first without a name */
    int (*sink)(const struct mlg_batch *batch, struct mlg_error *error); /* NULL: takes all */

    /* What came out. */
    struct mlg_error error;          /* code 0: none */
    struct mlg_read_summary summary; /* `missing` points to the next */
    uint64_t missing[READ_ROWS_REQUESTS];
    char *text;          /* "line: cell|cell\n" per row in the order of the file; numbers as %.17g */
    uint64_t *positions; /* per row, in the order of the file */
    size_t count;        /* of the rows that sinks were given, those before an error included */
    char told[MLG_ERROR_SIZE + 64]; /* the error with its place: "t.csv:2: row has ..." */
};

/* Returns the code; frees nothing of an earlier call. Aborts where positions do not grow with lines. */
int read_rows(struct world_memory *memory, struct read_rows *rows);
void read_rows_free(struct read_rows *rows);

#endif
