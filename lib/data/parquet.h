/* parquet: flat Parquet files, from the bytes to the values of a column.
 *
 * A column that is a list, a map, a struct, encrypted or of a type that has no text of its own has a name and
 * a reason why it is not read (`refused`); the others are read beside it. The work is done in four files:
 * parquet.c reads the footer, parquet_pages.c pages and their values, parquet_encodings.c numbers packed into
 * bits, parquet_codec.c compression; parquet_thrift.c is what headers are written in, parquet_text.c what
 * values look like.
 *
 * Always true:
 *  - no size, count or offset of the file is believed before it is compared with the bytes that there are
 *  - memory is taken for what has been read, or could honestly be made of it
 *  - a page of more than MLG_PARQUET_PAGE bytes and a footer of more than MLG_PARQUET_FOOTER are refused
 */
#ifndef MLG_DATA_PARQUET_H
#define MLG_DATA_PARQUET_H

#include "parquet_codec.h"
#include "reader.h"

enum {
    MLG_PARQUET_FOOTER = 128 << 20,
    MLG_PARQUET_PAGE = 1 << 30,
    MLG_PARQUET_TEXT = 80 /* room for a value as text, of those that are not texts */
};

enum mlg_parquet_physical {
    MLG_PARQUET_BOOLEAN,
    MLG_PARQUET_INT32,
    MLG_PARQUET_INT64,
    MLG_PARQUET_INT96,
    MLG_PARQUET_FLOAT,
    MLG_PARQUET_DOUBLE,
    MLG_PARQUET_BYTE_ARRAY,
    MLG_PARQUET_FIXED
};

/* What the values are to whoever reads them. */
enum mlg_parquet_meaning {
    MLG_PARQUET_TRUTH,
    MLG_PARQUET_SIGNED,
    MLG_PARQUET_UNSIGNED,
    MLG_PARQUET_REAL,
    MLG_PARQUET_WORDS, /* texts */
    MLG_PARQUET_DECIMAL,
    MLG_PARQUET_DATE,
    MLG_PARQUET_TIME,
    MLG_PARQUET_TIMESTAMP,
    MLG_PARQUET_UUID
};

struct mlg_parquet_column {
    const char *name;
    const char *refused; /* "holds lists, ..."; NULL: it is read */
    enum mlg_parquet_physical physical;
    enum mlg_parquet_meaning meaning;
    size_t width;    /* of MLG_PARQUET_FIXED, in bytes */
    size_t leaf;     /* its number among the columns of a row group */
    unsigned digits; /* of DECIMAL, behind the point; of times, those of a second */
    bool optional;
    bool utc; /* TIMESTAMP: shown with its offset, as pandas does */
};

struct mlg_parquet_group {
    uint64_t rows;
    const uint32_t *chunks; /* per leaf: where it begins in the footer */
};

struct mlg_parquet {
    struct mlg_source *source;
    const char *shown;
    unsigned char *held; /* all bytes; NULL: they are read at their offsets */
    size_t held_most;    /* set before it is opened: a file that has to be held may have so many bytes */
    uint64_t size, footer_at;
    const unsigned char *footer;
    size_t footer_size;
    struct mlg_parquet_column *columns;
    size_t column_count, leaf_count;
    struct mlg_parquet_group *groups;
    size_t group_count;
    uint64_t rows;
    struct mlg_crc crc;
};

/* Reads the footer; what is left has its memory in the arena, but for `held`. */
int mlg_parquet_open(struct mlg_parquet *file, struct mlg_source *source, const char *shown,
                     struct mlg_arena *arena, struct mlg_error *error);
void mlg_parquet_close(struct mlg_parquet *file);
int mlg_parquet_damaged(const struct mlg_parquet *file, const struct mlg_parquet_column *column,
                        struct mlg_error *error, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Bytes of the file; there are as many. */
int mlg_parquet_read_at(struct mlg_parquet *file, uint64_t offset, void *buffer, size_t size,
                        struct mlg_error *error);

/* Where a column's pages lie in a row group. */
struct mlg_parquet_chunk {
    uint64_t start, end;
    enum mlg_parquet_codec codec;
    const char *refused; /* why it is not read, where that is the error */
};
int mlg_parquet_find_chunk(const struct mlg_parquet *file, const struct mlg_parquet_column *column,
                           size_t group, struct mlg_parquet_chunk *chunk, struct mlg_error *error);

/* ---- values ------------------------------------------------------------------------------------------- */

/* Values of rows that follow each other: one of integers, reals and bytes is not NULL. They are valid until
 * the cursor is asked again. */
struct mlg_parquet_values {
    const unsigned char *present; /* per row; NULL: all are */
    const int64_t *integers;
    const double *reals;
    const struct mlg_text *bytes;
    const uint32_t *indices; /* of the values in a dictionary; NULL: there is none */
    size_t dictionary_count;
    uint64_t dictionary; /* a number for it, never 0 */
};

struct mlg_parquet_cursor;
/* NULL: no memory. */
struct mlg_parquet_cursor *mlg_parquet_cursor_new(struct mlg_parquet *file,
                                                  const struct mlg_parquet_column *column);
void mlg_parquet_cursor_free(struct mlg_parquet_cursor *cursor);
/* From the first row of a row group on. */
int mlg_parquet_cursor_begin(struct mlg_parquet_cursor *cursor, size_t group, struct mlg_error *error);
/* How many rows of the row group can be taken at a time: 0 at its end alone. */
int mlg_parquet_cursor_ready(struct mlg_parquet_cursor *cursor, size_t *rows, struct mlg_error *error);
/* Of at most that many rows, and MLG_BATCH_ROWS. */
int mlg_parquet_cursor_take(struct mlg_parquet_cursor *cursor, size_t rows, struct mlg_parquet_values *values,
                            struct mlg_error *error);

/* ---- texts -------------------------------------------------------------------------------------------- */

/* The value as pandas writes it to CSV, in `out` where it is no text: of MLG_PARQUET_TEXT bytes. */
struct mlg_text mlg_parquet_integer_text(const struct mlg_parquet_column *column, int64_t value, char *out);
struct mlg_text mlg_parquet_real_text(double value, char *out);
struct mlg_text mlg_parquet_bytes_text(const struct mlg_parquet_column *column, struct mlg_text value,
                                       char *out);

#endif
