/* hashed: a radix sort by hash, and samples of rows by what they hold. */
#include "hashed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

uint64_t mlg_hashed_mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

uint64_t mlg_hashed_bits(double value)
{
    uint64_t bits;
    value += 0.0;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static uint64_t hash_text(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

bool mlg_hashed_cells(const struct mlg_features *features, uint64_t missing, struct mlg_hashed *rows)
{
    for (size_t i = 0; i < features->rows; i++)
        rows[i] = (struct mlg_hashed){0, i};
    for (size_t f = 0; f < features->count; f++) {
        const struct mlg_feature *feature = &features->items[f];
        uint64_t *texts = calloc(feature->text_count + 1, sizeof *texts);
        if (!texts)
            return false;
        for (size_t k = 0; k < feature->text_count; k++)
            texts[k] = hash_text(feature->texts[k]);
        for (size_t i = 0; i < features->rows; i++) {
            uint64_t word = missing;
            if (feature->is_numeric && !isnan(feature->numbers[i]))
                word = mlg_hashed_bits(feature->numbers[i]);
            else if (!feature->is_numeric && feature->codes[i] < feature->text_count)
                word = texts[feature->codes[i]];
            rows[i].hash = mlg_hashed_mix(rows[i].hash + 1, word);
        }
        free(texts);
    }
    return true;
}

/* Digit by digit, from the lowest. */
bool mlg_hashed_sort(struct mlg_hashed *rows, size_t count)
{
    enum { BITS = 11, DIGITS = 1 << BITS };
    struct mlg_hashed *other = calloc(count + 1, sizeof *other), *from = rows, *to = other;
    if (!other)
        return false;
    for (unsigned shift = 0; shift < 64; shift += BITS) { /* six times: it ends where it began */
        size_t starts[DIGITS] = {0}, start = 0;
        for (size_t i = 0; i < count; i++)
            starts[from[i].hash >> shift & (DIGITS - 1)]++;
        for (size_t k = 0; k < DIGITS; k++) {
            const size_t here = starts[k];
            starts[k] = start;
            start += here;
        }
        for (size_t i = 0; i < count; i++)
            to[starts[from[i].hash >> shift & (DIGITS - 1)]++] = from[i];
        struct mlg_hashed *const swapped = from;
        from = to;
        to = swapped;
    }
    free(other);
    return true;
}

static int by_row(const void *a, const void *b)
{
    const struct mlg_hashed *one = a, *other = b;
    return (one->row > other->row) - (one->row < other->row);
}

/* The first, second ... of equal rows draw each for themselves: which of them is which makes no difference.
 */
bool mlg_hashed_draw(struct mlg_hashed *rows, size_t count, size_t most, uint64_t salt)
{
    if (!mlg_hashed_sort(rows, count))
        return false;
    uint64_t before = 0, equal = 0;
    for (size_t i = 0; i < count; i++) {
        equal = i > 0 && rows[i].hash == before ? equal + 1 : 0;
        before = rows[i].hash;
        rows[i].hash = mlg_hashed_mix(mlg_hashed_mix(mlg_hashed_mix(salt, before), equal + 1), salt);
    }
    if (!mlg_hashed_sort(rows, count))
        return false;
    qsort(rows, most, sizeof *rows, by_row);
    return true;
}
