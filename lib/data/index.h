/* index: where fields end in delimited text, for any instruction set.
 *
 * Reads bytes in order, piece by piece, and writes the position of every separator (delimiter or line
 * feed) that stands outside quotes. Quotes follow RFC 4180 exactly: a field in quotes begins right
 * after a separator and ends right before one (or a carriage return and line feed); a quote inside it
 * is doubled. The first byte that breaks this, and the first zero byte, is `bad`; what comes after it
 * means nothing, and all before it is exact. So there is no guessing and no second, slower parser.
 *
 * Always true: the outcome does not depend on the instructions or on how the text was cut into pieces.
 */
#ifndef MLG_DATA_INDEX_H
#define MLG_DATA_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum mlg_instructions {
    MLG_INSTRUCTIONS_PORTABLE,
    MLG_INSTRUCTIONS_SSE2,
    MLG_INSTRUCTIONS_AVX2,
    MLG_INSTRUCTIONS_AVX512,
    MLG_INSTRUCTIONS_ALL
};

struct mlg_index {
    uint32_t *positions; /* room for as many as bytes will be added, and MLG_INDEX_ROOM more */
    size_t count;
    size_t line_feeds; /* all of them, quoted ones included */
    size_t records;    /* those outside quotes */
    size_t bad;        /* the first offending position, or SIZE_MAX */
    /* About the byte before the next: masks and bits that carry from one 64-byte word to the next. */
    uint64_t in_quote;           /* all ones: inside */
    uint64_t after_separator;    /* it was a separator, or there is none */
    uint64_t after_close;        /* it was a quote that closed */
    uint64_t after_close_return; /* it was a carriage return right after one */
};

enum { MLG_INDEX_ROOM = 64 };

/* Makes the index empty, before the first byte of a record. */
void mlg_index_begin(struct mlg_index *index);

/* Adds bytes [from, to) of `text`. */
typedef void mlg_index_add(struct mlg_index *index, const char *text, size_t from, size_t to, char delimiter);
/* The fastest that this processor can run, `most` at the most. */
mlg_index_add *mlg_index_choose(unsigned most);

#endif
