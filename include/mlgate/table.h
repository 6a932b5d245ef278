/* table: batches of rows with only the wanted columns decoded, and the readers that make them.
 *
 * Always true:
 *  - a batch belongs to the reader and is valid during the call of the sink only
 *  - codes of a dictionary are given out in the order in which a worker met the values; every worker
 *    has dictionaries of its own; whoever needs an order that does not depend on threads sorts by text
 *  - for the same bytes the rows, the errors and the counts are the same for any number of threads:
 *    the error told is the one that stands first in the file
 *  - a reader touches no file by itself; it asks the world
 */
#ifndef MLGATE_TABLE_H
#define MLGATE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/arena.h"
#include "mlgate/error.h"
#include "mlgate/world.h"

/* ---- dictionary: distinct byte strings, coded 0, 1, 2 ... in the order met -------------------- */

struct mlg_dictionary;
enum { MLG_DICTIONARY_VALUES = 1 << 16 };

/* Holds at most `limit` values (0: MLG_DICTIONARY_VALUES). NULL: no memory. */
struct mlg_dictionary *mlg_dictionary_new(size_t limit);
void mlg_dictionary_free(struct mlg_dictionary *dictionary);
/* The code of the value, given out now if it is new; MLG_NO_CODE over the limit or without memory. */
#define MLG_NO_CODE UINT32_MAX
uint32_t mlg_dictionary_code(struct mlg_dictionary *dictionary, const char *bytes, size_t size);
size_t mlg_dictionary_count(const struct mlg_dictionary *dictionary);
/* Zero-terminated bytes of a code (they may hold any byte but zero); *size may be NULL. */
const char *mlg_dictionary_text(const struct mlg_dictionary *dictionary, uint32_t code, size_t *size);

/* ---- what a scan asks of a reader ------------------------------------------------------------- */

enum mlg_decode {
    MLG_DECODE_NUMBER, /* doubles; a cell that is no finite number is an error with its place */
    MLG_DECODE_CODE,   /* codes of the byte string, outer quotes removed, into a dictionary */
    MLG_DECODE_TEXT    /* the byte string itself, outer quotes removed */
};

enum mlg_on_missing {
    MLG_ON_MISSING_ERROR, /* an empty cell, NaN, NA, null: an error with row and column */
    MLG_ON_MISSING_DROP,  /* the row is no row of the batch: it stands behind them, and is counted */
    MLG_ON_MISSING_KEEP   /* codes: MLG_CODE_MISSING; numbers: NaN; texts: no bytes */
};
#define MLG_CODE_MISSING (UINT32_MAX - 1)

/* One column may be asked for more than once, decoded in different ways. */
struct mlg_column_request {
    const char *name;
    enum mlg_decode decode;
    enum mlg_on_missing on_missing;
    unsigned dictionary; /* codes: which of the worker's dictionaries; requests may share one */
    const char *role;    /* "label", "score" ...: for sentences */
    bool is_key;         /* rows are matched by it: a row that lacks it cannot be dropped and counted */
    bool takes_nested;   /* an object or an array is the text that is written there, and no error */
    bool in_quotes;      /* texts of JSON stand in quotes, so that "1" is not 1, nor "" missing */
    bool takes_zeros;    /* texts of Parquet may hold zero bytes, as images and embeddings do, and no error */
};

/* A cell as it is written; it need not end in a zero. bytes NULL: missing. */
struct mlg_text {
    const char *bytes;
    size_t size;
};

struct mlg_column {
    const double *numbers;        /* MLG_DECODE_NUMBER, else NULL */
    const uint32_t *codes;        /* MLG_DECODE_CODE, else NULL */
    const struct mlg_text *texts; /* MLG_DECODE_TEXT, else NULL; valid as long as the batch */
};

/* Rows that are dropped stand behind the others, with what is known of them: rows .. rows + dropped; a batch
 * may have nothing but these. What they miss is as under MLG_ON_MISSING_KEEP. Of labels without a prediction
 * (mlg_reader_join) a column of the predictions' file has no cells at all. */
struct mlg_batch {
    size_t rows, dropped;                       /* together at most MLG_BATCH_ROWS */
    const struct mlg_column *columns;           /* in request order */
    struct mlg_dictionary *const *dictionaries; /* of this worker; the sink may add values */
    size_t dictionary_count;
    bool is_unmatched; /* its dropped rows are labels without a prediction */
};

/* Takes a batch; `context` is the worker's own. Nonzero stops the reading with that error. An error of
 * the sink about row i of the batch calls mlg_batch_place to find its place. */
typedef int (*mlg_batch_sink)(void *context, const struct mlg_batch *batch, struct mlg_error *error);

struct mlg_read_summary {
    uint64_t rows;    /* rows of data handed to sinks */
    uint64_t dropped; /* rows left out for a missing value */
    char sha256[65];  /* of the bytes of the file as stored (compressed, if it is) */
    uint64_t bytes;   /* of them */
    char content[65]; /* SHA-256 of what the file decompresses to; "" where not asked for */
    const struct mlg_read_summary *labels; /* of mlg_reader_join: of the labels' file; else NULL */
    uint64_t unmatched;                    /* of its rows: those without a prediction */
    const char *unmatched_key;             /* names the first of them; in the arena, NULL: there is none */
    const uint64_t *missing;               /* per request: cells missing (dropped or kept); in the arena */
};

enum { MLG_BATCH_ROWS = 1024, MLG_LINE_BYTES = 64 * 1024 * 1024, MLG_THREADS = 256 };
/* As many threads as may be asked for: 1 to MLG_THREADS. */
static inline unsigned mlg_threads(unsigned threads)
{
    return threads < 1 ? 1 : threads > MLG_THREADS ? MLG_THREADS : threads;
}

/* ---- readers ---------------------------------------------------------------------------------- */

struct mlg_reader_options {
    const char *path;   /* "-": standard input; "a.tar.gz//member.csv": a member of an archive */
    const char *format; /* name of a row of readers.def, or NULL */
    char delimiter;     /* 0: found out */
    char decimal;       /* '.' or ',' */
    bool from_flags;    /* sentences name options as flags */
    bool without_hash;  /* another look at what was read: summary.sha256 stays empty */
    bool hash_content;  /* summary.content is wanted: of a compressed file that costs a second hash */
};

struct mlg_reader;

/* Opens and reads as far as the column names. Readers bid for the content: the name of the file is a
 * hint, not evidence. Compressed content (.gz .zst .xz .bz2) is found by its magic bytes. The error
 * names the path (and line). */
int mlg_reader_open(const struct mlg_world *world, struct mlg_arena *arena,
                    const struct mlg_reader_options *options, struct mlg_reader **reader,
                    struct mlg_error *error);
/* Makes one reader of two: the rows of `predictions`, with the columns of `labels` beside them, whose row has
 * the same text in column `key`. A prediction without such a row, and a key that stands twice in one of the
 * files, is an error when it is read; rows of `labels` without a prediction are counted. Column `label` is
 * that of `labels`; of others that both have, the `answers` and the key are those of `predictions`, all
 * others those of `labels`. Closing it closes both. */
int mlg_reader_join(struct mlg_arena *arena, struct mlg_reader *predictions, struct mlg_reader *labels,
                    const char *key, const char *label, const char *const *answers, size_t answer_count,
                    struct mlg_reader **joined, struct mlg_error *error);
/* Can what was opened be opened again, from its start? Not a pipe or standard input. */
bool mlg_reader_is_file(const struct mlg_reader *reader);
size_t mlg_reader_columns(const struct mlg_reader *reader, const char *const **names);
/* Per column: does a row hold an object or an array there, which is no cell, or is it of a kind that is not
 * read, so that to ask for it is an error? NULL: there is no such column. */
const bool *mlg_reader_nested(const struct mlg_reader *reader);
const char *mlg_reader_format(const struct mlg_reader *reader);
/* Reads everything once. contexts[i] belongs to worker i; `threads` workers at the most.
 * dictionaries[i] (dictionary_count of them) are worker i's, made by the caller, kept by the caller.
 * Requested columns must exist (the caller asked mlg_reader_columns). Zero rows are no error here. */
int mlg_reader_read(struct mlg_reader *reader, const struct mlg_column_request *requests, size_t count,
                    unsigned threads, mlg_batch_sink sink, void *const *contexts,
                    struct mlg_dictionary *const *const *dictionaries, size_t dictionary_count,
                    struct mlg_read_summary *summary, struct mlg_error *error);
void mlg_reader_close(struct mlg_reader *reader);

/* Within a sink: the place (file and line, or row, where there are no lines) of row `row` of the batch, for
 * an error about it. */
struct mlg_place mlg_batch_place(const struct mlg_batch *batch, size_t row);

/* Within a sink: a number that grows with the place of the row in the file (of a join: of the predictions),
 * the same for any number of threads; no two rows have the same one. Labels without a prediction: UINT64_MAX.
 */
uint64_t mlg_batch_position(const struct mlg_batch *batch, size_t row);

/* True for the texts that stand for a missing value: "", NA, and NaN and null in any case. */
bool mlg_is_missing(const char *bytes, size_t size);

/* A whole file, unpacked as readers do it, of at most `limit` bytes, in the arena; fills sha256 and bytes of
 * the summary. NULL: told in `error`. */
char *mlg_file_read(const struct mlg_world *world, const char *path, size_t limit, struct mlg_arena *arena,
                    size_t *size, struct mlg_read_summary *summary, struct mlg_error *error);

/* SHA-256 of bytes in memory, as 64 lower-case hexadecimal digits and a zero. */
void mlg_sha256(const void *bytes, size_t size, char hex[65]);

#endif
