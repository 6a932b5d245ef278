/* reader, the part that only lib/data and its tests see: what a format is, and the limits.
 *
 * To add a format: one file with a struct mlg_format, and one line in readers.def.
 */
#ifndef MLG_DATA_READER_H
#define MLG_DATA_READER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/table.h"

/* Limits and sizes. Tests set others; everybody else gets mlg_reader_tuning_usual. */
struct mlg_reader_tuning {
    size_t block;             /* bytes asked of the source at a time: they stay in the second-level cache */
    size_t threads_from;      /* a plain file of fewer bytes is read on the calling thread alone */
    size_t line_bytes;        /* the longest line (record) that is read: MLG_LINE_BYTES */
    uint64_t expansion_bytes; /* decompressed data that is longer than this ... */
    uint64_t expansion_ratio; /* ... and this many times the compressed bytes read is refused */
    size_t held_bytes; /* JSON lines, decompressed, are held up to this, else a file is read twice ... */
    size_t held_stream_bytes; /* ... and what cannot be read twice is refused from here on */
    unsigned instructions;    /* enum mlg_instructions: at the most; what the processor has, by default */
};
extern const struct mlg_reader_tuning mlg_reader_tuning_usual;

int mlg_reader_open_tuned(const struct mlg_world *world, struct mlg_arena *arena,
                          const struct mlg_reader_options *options, const struct mlg_reader_tuning *tuning,
                          struct mlg_reader **reader, struct mlg_error *error);

struct mlg_source;

/* What a format is asked to do; the fields of struct mlg_reader_read's parameters in one place. */
struct mlg_read_order {
    const struct mlg_column_request *requests;
    const size_t *columns; /* per request: the index of its column in the file */
    size_t count;
    unsigned threads; /* 1 .. MLG_THREADS */
    mlg_batch_sink sink;
    void *const *contexts;
    struct mlg_dictionary *const *const *dictionaries;
    size_t dictionary_count;
};

struct mlg_format {
    const char *name;
    const char *shown; /* as sentences tell it */
    /* How sure the format is that these first bytes are its own: 0 no, 1 it could be, up to 100 its
     * magic. `whole`: there are no more bytes. */
    int (*bid)(const char *path, const unsigned char *bytes, size_t size, bool whole);
    /* Reads as far as the names; fills reader->state, names, name_count. */
    int (*open)(struct mlg_reader *reader, struct mlg_error *error);
    /* Reads all; adds to summary->rows, dropped and `missing` (per request). */
    int (*read)(struct mlg_reader *reader, const struct mlg_read_order *order,
                struct mlg_read_summary *summary, uint64_t *missing, struct mlg_error *error);
    void (*close)(struct mlg_reader *reader);
};

struct mlg_reader {
    const struct mlg_format *format;
    struct mlg_arena *arena;
    struct mlg_reader_options options;
    struct mlg_reader_tuning tuning;
    struct mlg_source *source;
    const char *shown; /* the path, as errors tell it */
    const char **names;
    size_t name_count;
    const bool *nested; /* per column; NULL: there is none (mlg_reader_nested) */
    void *state;
    bool spent;
};

static inline int mlg_reader_no_memory(const struct mlg_reader *reader, struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory to read '%s'", reader->shown);
}

/* What a sink is given: mlg_batch_place finds its way back from the public part, which is first. */
struct mlg_batch_inside {
    struct mlg_batch batch;
    struct mlg_place (*place)(const struct mlg_batch_inside *inside, size_t row);
    uint64_t (*position)(const struct mlg_batch_inside *inside, size_t row);
    const void *origin;    /* for both */
    size_t first;          /* index of the batch's first record at its origin */
    const uint32_t *order; /* records behind the rows, relative to `first`; NULL: in their order */
};

/* Puts the rows that are dropped behind the others, both in their order: fills order[0..count), and returns
 * how many the others are. */
size_t mlg_order_dropped(const unsigned char *dropped, size_t count, uint32_t *order);

/* The delimiter that a header line of CSV has; the error, that it has several, ends with `remedy`. */
int mlg_csv_delimiter(const char *shown, const char *text, size_t size, char decimal, const char *remedy,
                      char *delimiter, struct mlg_error *error);

#define READER(name) extern const struct mlg_format mlg_format_##name;
#include "readers.def"
#undef READER

#endif
