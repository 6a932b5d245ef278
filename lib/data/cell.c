/* cell: digits eight at a time, texts through a small cache. */
#include "cell.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/number.h"

#define INLINE static inline __attribute__((always_inline))
__extension__ typedef unsigned __int128 uint128;

/* ---- numbers --------------------------------------------------------------------------------------
 *
 * Digits are read from the end of the cell backwards in words of eight, so that any number of them takes
 * the same instructions; the bytes before the first digit are masked away. A mantissa below 2^53 and a
 * power of ten up to 10^22 are doubles, and one division rounds once. A longer mantissa is divided in
 * integers to at least 62 bits, the remainder becomes the lowest bit, and one conversion rounds once.
 * All else (exponents, more than 19 digits, what is no number) goes to mlg_number_parse. */

enum { MOST_DIGITS = 19 }; /* 10^19 < 2^64 */

static const double exact_powers[MOST_DIGITS + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                                     1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13,
                                                     1e14, 1e15, 1e16, 1e17, 1e18, 1e19};

static const uint64_t powers[MOST_DIGITS + 1] = {
    UINT64_C(1),
    UINT64_C(10),
    UINT64_C(100),
    UINT64_C(1000),
    UINT64_C(10000),
    UINT64_C(100000),
    UINT64_C(1000000),
    UINT64_C(10000000),
    UINT64_C(100000000),
    UINT64_C(1000000000),
    UINT64_C(10000000000),
    UINT64_C(100000000000),
    UINT64_C(1000000000000),
    UINT64_C(10000000000000),
    UINT64_C(100000000000000),
    UINT64_C(1000000000000000),
    UINT64_C(10000000000000000),
    UINT64_C(100000000000000000),
    UINT64_C(1000000000000000000),
    UINT64_C(10000000000000000000),
};

/* The last k bytes of a word in memory, for k = 0 .. 8. */
static const uint64_t last_bytes[9] = {0,
                                       UINT64_C(0xff00000000000000),
                                       UINT64_C(0xffff000000000000),
                                       UINT64_C(0xffffff0000000000),
                                       UINT64_C(0xffffffff00000000),
                                       UINT64_C(0xffffffffff000000),
                                       UINT64_C(0xffffffffffff0000),
                                       UINT64_C(0xffffffffffffff00),
                                       UINT64_MAX};

/* Eight bytes, the first one lowest. */
INLINE uint64_t load(const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* The value of the last `count` (0 .. 8) of the eight digits before `end`; *foreign becomes nonzero when
 * one of them is none. */
INLINE uint64_t digits8(const char *end, size_t count, uint64_t *foreign)
{
    uint64_t word = (load(end - 8) ^ UINT64_C(0x3030303030303030)) & last_bytes[count];
    *foreign |= ((word + UINT64_C(0x7676767676767676)) | word) & UINT64_C(0x8080808080808080);
    word = (word * (1 + (10 << 8))) >> 8 & UINT64_C(0x00ff00ff00ff00ff);
    word = (word * (1 + (UINT64_C(100) << 16))) >> 16 & UINT64_C(0x0000ffff0000ffff);
    return (word * (1 + (UINT64_C(10000) << 32))) >> 32;
}

INLINE uint64_t digits19(const char *end, size_t count, uint64_t *foreign)
{
    size_t low = count < 8 ? count : 8, rest = count - low, middle = rest < 8 ? rest : 8;
    uint64_t value = digits8(end, low, foreign) + digits8(end - 8, middle, foreign) * UINT64_C(100000000);
    return value + digits8(end - 16, rest - middle, foreign) * powers[16];
}

/* mantissa / 10^decimals, rounded once; mantissa > 0. */
static double divide(uint64_t mantissa, size_t decimals)
{
    int up = __builtin_clzll(mantissa), divisor_up = __builtin_clzll(powers[decimals]);
    uint128 dividend = (uint128)(mantissa << up) << 63;
    uint64_t divisor = powers[decimals] << divisor_up;
    uint64_t quotient = (uint64_t)(dividend / divisor); /* 2^62 < quotient < 2^64 */
    if ((uint64_t)dividend != quotient * divisor)
        quotient |= 1;
    uint64_t scale_bits = (uint64_t)(1023 - 63 + divisor_up - up) << 52;
    double scale;
    memcpy(&scale, &scale_bits, sizeof scale);
    return (double)quotient * scale;
}

/* Plain decimals of at most 19 digits; false: ask mlg_number_parse. */
INLINE bool plain_number(const char *text, size_t size, char decimal, double *value)
{
    const char *end = text + size;
    bool negative = size > 0 && *text == '-';
    text += negative;
    size_t whole = 0;
    uint64_t mantissa = 0;
    while (text + whole < end && whole < MOST_DIGITS && (unsigned char)(text[whole] - '0') < 10) {
        mantissa = mantissa * 10 + (unsigned char)(text[whole] - '0');
        whole++;
    }
    size_t decimals = 0;
    if (whole == 0)
        return false;
    if (text + whole < end) {
        if (text[whole] != decimal)
            return false;
        decimals = (size_t)(end - text) - whole - 1;
        if (decimals + whole - (mantissa == 0) * whole > MOST_DIGITS || decimals == 0)
            return false;
        uint64_t foreign = 0, fraction = digits19(end, decimals, &foreign);
        if (foreign)
            return false;
        mantissa = mantissa * powers[decimals] + fraction;
    }
    double absolute;
    if (mantissa < UINT64_C(1) << 53)
        absolute = (double)(int64_t)mantissa / exact_powers[decimals];
    else if (decimals == 0)
        absolute = (double)mantissa;
    else
        absolute = divide(mantissa, decimals);
    *value = negative ? -absolute : absolute;
    return true;
}

static enum mlg_cell_outcome other_number(struct mlg_cell cell, char decimal, struct mlg_cell_room *room,
                                          double *value)
{
    if (!mlg_cell_unquote(&cell, room))
        return MLG_CELL_NO_MEMORY;
    *value = 0;
    if (mlg_is_missing(cell.text, cell.size))
        return MLG_CELL_MISSING;
    if (!mlg_number_parse_with(cell.text, cell.size, decimal, value))
        return MLG_CELL_NOT_A_NUMBER;
    return isfinite(*value) ? MLG_CELL_DECODED : MLG_CELL_NOT_FINITE;
}

size_t mlg_decode_numbers(const struct mlg_decoding *decoding, double *numbers,
                          enum mlg_cell_outcome *outcome)
{
    const struct mlg_records records = decoding->records;
    const size_t column = decoding->column, first = decoding->first, count = decoding->count;
    const char decimal = decoding->decimal;
    for (size_t i = 0; i < count; i++) {
        struct mlg_cell cell = mlg_cell_at(&records, first + i, column);
        if (__builtin_expect(plain_number(cell.text, cell.size, decimal, &numbers[i]), 1))
            continue;
        *outcome = other_number(cell, decimal, decoding->room, &numbers[i]);
        if (*outcome == MLG_CELL_DECODED)
            continue;
        if (*outcome != MLG_CELL_MISSING || decoding->on_missing == MLG_ON_MISSING_ERROR)
            return i;
        ++*decoding->missing;
        numbers[i] = (double)NAN;
        if (decoding->on_missing == MLG_ON_MISSING_DROP)
            decoding->dropped[i] = 1;
    }
    return count;
}

/* ---- texts ------------------------------------------------------------------------------------------ */

static bool make_room(struct mlg_cell_room *room, size_t size)
{
    if (room->capacity >= size)
        return true;
    char *bytes = realloc(room->bytes, size);
    if (!bytes)
        return false;
    room->bytes = bytes;
    room->capacity = size;
    return true;
}

/* Writes the text with its doubled quotes made single; returns its size. */
static size_t single_quotes(const char *text, size_t size, char *out)
{
    size_t written = 0;
    for (size_t i = 0; i < size; i++) {
        out[written++] = text[i];
        i += text[i] == '"'; /* the next one is its double */
    }
    return written;
}

bool mlg_cell_unquote(struct mlg_cell *cell, struct mlg_cell_room *room)
{
    if (cell->size < 2 || cell->text[0] != '"')
        return true;
    const char *text = cell->text + 1;
    size_t size = cell->size - 2;
    *cell = (struct mlg_cell){text, size};
    if (!memchr(text, '"', size))
        return true;
    if (!make_room(room, size))
        return false;
    *cell = (struct mlg_cell){room->bytes, single_quotes(text, size, room->bytes)};
    return true;
}

void mlg_cell_cache_clear(struct mlg_cell_cache *cache)
{
    for (size_t i = 0; i < MLG_CELL_CACHE; i++) {
        cache->slots[i].low = cache->slots[i].high = 0;
        cache->slots[i].code = MLG_NO_CODE;
    }
}

static uint32_t code_of(const struct mlg_decoding *decoding, struct mlg_cell cell,
                        enum mlg_cell_outcome *outcome)
{
    *outcome = MLG_CELL_NO_MEMORY;
    if (!mlg_cell_unquote(&cell, decoding->room))
        return MLG_NO_CODE;
    if (mlg_is_missing(cell.text, cell.size))
        return MLG_CODE_MISSING;
    *outcome = MLG_CELL_TOO_MANY_VALUES;
    return mlg_dictionary_code(decoding->dictionary, cell.text, cell.size);
}

size_t mlg_decode_codes(const struct mlg_decoding *decoding, uint32_t *codes, enum mlg_cell_outcome *outcome)
{
    const struct mlg_records records = decoding->records;
    const size_t column = decoding->column, first = decoding->first, count = decoding->count;
    struct mlg_cell_cache *cache = decoding->cache;
    for (size_t i = 0; i < count; i++) {
        struct mlg_cell cell = mlg_cell_at(&records, first + i, column);
        uint32_t code;
        if (cell.size <= 16) {
            /* No value holds a zero byte, so that two words of text padded with zeros tell all. The
             * words begin at the cell: bytes behind it are shifted out. */
            size_t size = cell.size;
            uint64_t low = load(cell.text), high = 0;
            if (size <= 8) {
                low &= ~(last_bytes[8 - size]);
            } else {
                high = load(cell.text + 8) & ~(last_bytes[16 - size]);
            }
            uint64_t hash = (low ^ (high * UINT64_C(0xd6e8feb86659fd93))) * UINT64_C(0x9e3779b97f4a7c15);
            size_t slot = hash >> 56;
            code = cache->slots[slot].code;
            if (__builtin_expect(code == MLG_NO_CODE || cache->slots[slot].low != low ||
                                     cache->slots[slot].high != high,
                                 0)) {
                code = code_of(decoding, cell, outcome);
                cache->slots[slot].low = low;
                cache->slots[slot].high = high;
                cache->slots[slot].code = code;
            }
        } else {
            code = code_of(decoding, cell, outcome);
        }
        codes[i] = code;
        if (__builtin_expect(code < MLG_CODE_MISSING, 1))
            continue;
        if (code == MLG_NO_CODE)
            return i;
        if (decoding->on_missing == MLG_ON_MISSING_ERROR) {
            *outcome = MLG_CELL_MISSING;
            return i;
        }
        ++*decoding->missing;
        if (decoding->on_missing == MLG_ON_MISSING_DROP)
            decoding->dropped[i] = 1;
    }
    return count;
}

/* Room for all cells from `from` on, so that those written there stay where they are. */
static bool make_room_for_rest(const struct mlg_decoding *decoding, size_t from)
{
    size_t size = 0;
    for (size_t i = from; i < decoding->count; i++)
        size += mlg_cell_at(&decoding->records, decoding->first + i, decoding->column).size;
    return make_room(decoding->room, size);
}

size_t mlg_decode_texts(const struct mlg_decoding *decoding, struct mlg_text *texts,
                        enum mlg_cell_outcome *outcome)
{
    const struct mlg_records records = decoding->records;
    const size_t column = decoding->column, first = decoding->first, count = decoding->count;
    size_t used = 0; /* of the room */
    for (size_t i = 0; i < count; i++) {
        struct mlg_cell cell = mlg_cell_at(&records, first + i, column);
        if (cell.size >= 2 && cell.text[0] == '"') {
            cell = (struct mlg_cell){cell.text + 1, cell.size - 2};
            if (memchr(cell.text, '"', cell.size)) {
                if (used == 0 && !make_room_for_rest(decoding, i)) {
                    *outcome = MLG_CELL_NO_MEMORY;
                    return i;
                }
                char *out = decoding->room->bytes + used;
                cell = (struct mlg_cell){out, single_quotes(cell.text, cell.size, out)};
                used += cell.size;
            }
        }
        texts[i] = (struct mlg_text){cell.text, cell.size};
        if (__builtin_expect(!mlg_is_missing(cell.text, cell.size), 1))
            continue;
        if (decoding->on_missing == MLG_ON_MISSING_ERROR) {
            *outcome = MLG_CELL_MISSING;
            return i;
        }
        texts[i] = (struct mlg_text){NULL, 0};
        ++*decoding->missing;
        if (decoding->on_missing == MLG_ON_MISSING_DROP)
            decoding->dropped[i] = 1;
    }
    return count;
}
