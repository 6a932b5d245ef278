/* row_hash.c: numbers become sign, digits and power of ten; rows become 128 bits. */
#include "row_hash.h"

#include <stdlib.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

/* ---- SipHash ------------------------------------------------------------------------------------- */

INLINE uint64_t rotate(uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

struct sip {
    uint64_t a, b, c, d;
};

INLINE void sip_round(struct sip *v)
{
    v->a += v->b;
    v->b = rotate(v->b, 13) ^ v->a;
    v->a = rotate(v->a, 32);
    v->c += v->d;
    v->d = rotate(v->d, 16) ^ v->c;
    v->a += v->d;
    v->d = rotate(v->d, 21) ^ v->a;
    v->c += v->b;
    v->b = rotate(v->b, 17) ^ v->c;
    v->c = rotate(v->c, 32);
}

INLINE struct sip sip_begin(struct mlg_hash_key key)
{
    return (struct sip){
        .a = key.words[0] ^ UINT64_C(0x736f6d6570736575),
        .b = key.words[1] ^ UINT64_C(0x646f72616e646f6d) ^ 0xee,
        .c = key.words[0] ^ UINT64_C(0x6c7967656e657261),
        .d = key.words[1] ^ UINT64_C(0x7465646279746573),
    };
}

INLINE void sip_add(struct sip *v, uint64_t word)
{
    v->d ^= word;
    sip_round(v);
    sip_round(v);
    v->a ^= word;
}

INLINE struct mlg_hash sip_end(struct sip *v)
{
    struct mlg_hash hash;
    v->c ^= 0xee;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    hash.words[0] = v->a ^ v->b ^ v->c ^ v->d;
    v->b ^= 0xdd;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    hash.words[1] = v->a ^ v->b ^ v->c ^ v->d;
    return hash;
}

/* Up to eight bytes, the first one lowest, zeros above. */
INLINE uint64_t load_bytes(const char *bytes, size_t size)
{
    uint64_t word = 0;
    if (size >= 8) {
        memcpy(&word, bytes, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        word = __builtin_bswap64(word);
#endif
        return word;
    }
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    if (size >= 4) { /* two words that overlap */
        uint32_t first, last;
        memcpy(&first, bytes, 4);
        memcpy(&last, bytes + size - 4, 4);
        return (uint64_t)first | (uint64_t)last << (8 * (size - 4));
    }
#endif
    for (size_t i = 0; i < size; i++)
        word |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
    return word;
}

struct mlg_hash mlg_hash_bytes(struct mlg_hash_key key, const void *bytes, size_t size)
{
    const char *text = bytes;
    struct sip v = sip_begin(key);
    size_t at = 0;
    for (; size - at >= 8; at += 8)
        sip_add(&v, load_bytes(text + at, 8));
    sip_add(&v, load_bytes(text + at, size - at) | (uint64_t)size << 56);
    return sip_end(&v);
}

struct mlg_hash mlg_hash_words(struct mlg_hash_key key, const uint64_t *words, size_t count)
{
    struct sip v = sip_begin(key);
    for (size_t i = 0; i < count; i++)
        sip_add(&v, words[i]);
    sip_add(&v, (uint64_t)count << 59); /* as of count * 8 bytes */
    return sip_end(&v);
}

struct mlg_hash_key mlg_hash_key_of(uint64_t seed)
{
    return (struct mlg_hash_key){{seed, UINT64_C(0x9e3779b97f4a7c15)}};
}

/* ---- cells --------------------------------------------------------------------------------------- */

/* The lowest three bits of a cell's first word. */
enum {
    TAG_MISSING, /* one word */
    TAG_SHORT,   /* a number: sign at bit 3, exponent + 128 at bit 8, digits below 2^48 at bit 16 */
    TAG_NUMBER,  /* sign at bit 3, exponent from bit 8 on; then a word of digits */
    TAG_DIGITS,  /* more digits than a word holds: sign; then exponent, how many, and their bytes */
    TAG_LETTERS, /* up to seven bytes: how many at bit 3, themselves from bit 8 on */
    TAG_TEXT     /* how many bytes from bit 8 on; then themselves */
};

INLINE size_t put_bytes(const char *bytes, size_t size, uint64_t *out)
{
    size_t words = 0, at = 0;
    for (; size - at >= 8; at += 8)
        out[words++] = load_bytes(bytes + at, 8);
    if (at < size)
        out[words++] = load_bytes(bytes + at, size - at);
    return words;
}

INLINE size_t put_text(struct mlg_text cell, uint64_t *out)
{
    if (cell.size < 8) {
        out[0] = TAG_LETTERS | cell.size << 3 | load_bytes(cell.bytes, cell.size) << 8;
        return 1;
    }
    out[0] = TAG_TEXT | (uint64_t)cell.size << 8;
    return 1 + put_bytes(cell.bytes, cell.size, out + 1);
}

static const int64_t exponent_lid = INT64_C(1) << 48;

/* digits * 10^exponent, digits without zeros at the end. */
INLINE size_t put_number(bool negative, uint64_t digits, int64_t exponent, uint64_t *out)
{
    if (digits == 0) {
        out[0] = TAG_SHORT | UINT64_C(128) << 8; /* -0 is 0, whatever its power */
        return 1;
    }
    while (digits % 10 == 0) {
        digits /= 10;
        exponent++;
    }
    if (digits < UINT64_C(1) << 48 && exponent >= -128 && exponent < 128) {
        out[0] = TAG_SHORT | (uint64_t)negative << 3 | (uint64_t)(exponent + 128) << 8 | digits << 16;
        return 1;
    }
    out[0] = TAG_NUMBER | (uint64_t)negative << 3 | (uint64_t)exponent << 8;
    out[1] = digits;
    return 2;
}

/* The digits of text[0 .. size), of which there are more than fit a word; marks between them are skipped. */
static size_t put_digits(bool negative, const char *text, size_t size, int64_t exponent, uint64_t *out)
{
    size_t first = 0, last = size, count = 0;
    while (text[first] < '1' || text[first] > '9')
        first++;
    for (; text[last - 1] < '1' || text[last - 1] > '9'; last--)
        exponent += text[last - 1] == '0';
    char *bytes = (char *)(out + 3);
    for (size_t i = first; i < last; i++)
        if (text[i] >= '0' && text[i] <= '9')
            bytes[count++] = text[i];
    enum { WORD_DIGITS = 19 };
    if (count <= WORD_DIGITS) { /* what was more were zeros */
        uint64_t digits = 0;
        for (size_t i = 0; i < count; i++)
            digits = digits * 10 + (uint64_t)(bytes[i] - '0');
        return put_number(negative, digits, exponent, out);
    }
    out[0] = TAG_DIGITS | (uint64_t)negative << 3;
    out[1] = (uint64_t)exponent;
    out[2] = count;
    while (count % 8 != 0)
        bytes[count++] = 0;
    return 3 + count / 8;
}

/* What is not as plain as the fast path wants it: exponents, many digits, no number at all. 0: no number. */
static size_t other_number(struct mlg_text cell, char decimal, uint64_t *out)
{
    const char *text = cell.bytes;
    size_t i = 0, size = cell.size;
    bool negative = false, point = false, any = false;
    if (text[0] == '-' || text[0] == '+')
        negative = text[i++] == '-';
    const size_t first = i;
    int64_t exponent = 0;
    size_t significant = 0;
    uint64_t digits = 0;
    for (; i < size; i++) {
        const unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        if (digit <= 9) {
            any = true;
            significant += significant > 0 || digit > 0;
            digits = digits * 10 + digit; /* of up to 19 */
            exponent -= point;
        } else if (text[i] == decimal && !point) {
            point = true;
        } else {
            break;
        }
    }
    const size_t end = i;
    if (!any)
        return 0;
    if (i < size) {
        if ((text[i] | 0x20) != 'e' || ++i == size)
            return 0;
        bool down = false;
        if (text[i] == '-' || text[i] == '+')
            down = text[i++] == '-';
        if (i == size)
            return 0;
        int64_t written = 0;
        for (; i < size; i++) {
            const unsigned digit = (unsigned)(unsigned char)text[i] - '0';
            if (digit > 9)
                return 0;
            if (written < exponent_lid)
                written = written * 10 + (int64_t)digit;
        }
        /* Such a number is compared by its bytes, unless it is 0. */
        if (significant > 0 && written >= exponent_lid)
            return 0;
        exponent += down ? -written : written;
    }
    enum { WORD_DIGITS = 19 };
    if (significant > WORD_DIGITS)
        return put_digits(negative, text + first, end - first, exponent, out);
    return put_number(negative, digits, exponent, out);
}

/* [-]digits[.digits] of at most 18 digits in all. 0: ask other_number. */
INLINE size_t plain_number(struct mlg_text cell, char decimal, uint64_t *out)
{
    enum { PLAIN = 19 };
    const char *text = cell.bytes, *const end = text + cell.size;
    const bool negative = *text == '-';
    text += negative;
    if (cell.size > PLAIN || text == end)
        return 0;
    uint64_t digits = 0;
    const char *point = NULL;
    for (; text < end; text++) {
        const unsigned digit = (unsigned)(unsigned char)*text - '0';
        if (digit <= 9)
            digits = digits * 10 + digit;
        else if (*text == decimal && !point)
            point = text;
        else
            return 0;
    }
    const int64_t decimals = point ? end - point - 1 : 0;
    if (point && cell.size == (size_t)negative + 1)
        return 0; /* a mark alone */
    return put_number(negative, digits, -decimals, out);
}

size_t mlg_cell_words(struct mlg_text cell, char decimal, uint64_t *out, enum mlg_cell_kind *kind)
{
    enum mlg_cell_kind none;
    if (!kind)
        kind = &none;
    if (!cell.bytes || cell.size == 0) {
        *kind = MLG_CELL_IS_MISSING;
        out[0] = TAG_MISSING;
        return 1;
    }
    const char c = cell.bytes[0];
    *kind = MLG_CELL_IS_NUMBER;
    if ((c >= '0' && c <= '9') || c == '-' || c == '+' || c == decimal) {
        size_t words = plain_number(cell, decimal, out);
        if (!words)
            words = other_number(cell, decimal, out);
        if (words)
            return words;
    }
    *kind = MLG_CELL_IS_TEXT;
    return put_text(cell, out);
}

/* ---- rows ---------------------------------------------------------------------------------------- */

bool mlg_row_words_reserve(struct mlg_row_words *row, size_t more)
{
    if (row->capacity - row->count >= more)
        return true;
    const size_t capacity = (row->count + more) * 2;
    uint64_t *words = realloc(row->words, capacity * sizeof *words);
    if (!words)
        return false;
    row->words = words;
    row->capacity = capacity;
    return true;
}

bool mlg_row_words_of(struct mlg_row_words *row, const struct mlg_text *const *cells, size_t columns,
                      size_t index, char decimal)
{
    row->count = 0;
    for (size_t i = 0; i < columns; i++) {
        const struct mlg_text cell = cells[i][index];
        if (!mlg_row_words_reserve(row, mlg_cell_room_words(cell.size)))
            return false;
        row->count += mlg_cell_words(cell, decimal, row->words + row->count, NULL);
    }
    return true;
}

void mlg_row_words_free(struct mlg_row_words *row)
{
    free(row->words);
    *row = (struct mlg_row_words){0};
}
