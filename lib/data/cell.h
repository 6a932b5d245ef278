/* cell: one column of many records, decoded.
 *
 * Always true: a number equals what strtod gives in the C locale, bit for bit.
 */
#ifndef MLG_DATA_CELL_H
#define MLG_DATA_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/table.h"

/* Whole records and where their fields end. Bytes are readable MLG_CELL_PAD before and after `text`. */
struct mlg_records {
    const char *text;
    const uint32_t *ends; /* of field k of record r: ends[r * columns + k]; ends[-1] is UINT32_MAX */
    size_t columns;
};
enum { MLG_CELL_PAD = 64 };

struct mlg_cell {
    const char *text;
    size_t size;
};

/* As stored: outer quotes still there; the carriage return before a line feed is not. */
static inline struct mlg_cell mlg_cell_at(const struct mlg_records *records, size_t record, size_t column)
{
    const uint32_t *end = records->ends + record * records->columns + column;
    uint32_t start = end[-1] + 1; /* of the very first field: UINT32_MAX + 1 */
    size_t size = *end - start;
    const char *text = records->text + start;
    if (column + 1 == records->columns && size > 0 && text[size - 1] == '\r')
        size--;
    return (struct mlg_cell){text, size};
}

/* Room for a cell whose doubled quotes have been made single. */
struct mlg_cell_room {
    char *bytes;
    size_t capacity;
};
/* The cell without its outer quotes; false: no memory. */
bool mlg_cell_unquote(struct mlg_cell *cell, struct mlg_cell_room *room);

enum mlg_cell_outcome {
    MLG_CELL_DECODED,
    MLG_CELL_MISSING,
    MLG_CELL_NOT_A_NUMBER,
    MLG_CELL_NOT_FINITE,
    MLG_CELL_TOO_MANY_VALUES,
    MLG_CELL_NO_MEMORY
};

/* The last values met, in front of a dictionary: most columns of text have few. */
enum { MLG_CELL_CACHE = 256 };
struct mlg_cell_cache {
    struct {
        uint64_t low, high;
        uint32_t code; /* MLG_NO_CODE: empty */
    } slots[MLG_CELL_CACHE];
};
void mlg_cell_cache_clear(struct mlg_cell_cache *cache);

struct mlg_decoding {
    struct mlg_records records;
    size_t column, first, count; /* which records */
    char decimal;
    enum mlg_on_missing on_missing;
    struct mlg_cell_room *room; /* of texts: holds those that are written otherwise, up to the next call */
    unsigned char *dropped;     /* set to 1 where a value is missing and MLG_ON_MISSING_DROP */
    uint64_t *missing;          /* counted up */
    struct mlg_dictionary *dictionary;
    struct mlg_cell_cache *cache;
};

/* Decode until the first cell that is an error: returns its index (below count) with *outcome told, or
 * `count`. A missing value is an error under MLG_ON_MISSING_ERROR. */
size_t mlg_decode_numbers(const struct mlg_decoding *decoding, double *numbers,
                          enum mlg_cell_outcome *outcome);
size_t mlg_decode_codes(const struct mlg_decoding *decoding, uint32_t *codes, enum mlg_cell_outcome *outcome);
/* Texts point into the records; those with doubled quotes, into the room. */
size_t mlg_decode_texts(const struct mlg_decoding *decoding, struct mlg_text *texts,
                        enum mlg_cell_outcome *outcome);

#endif
