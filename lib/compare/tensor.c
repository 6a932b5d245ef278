/* tensor: arrays of one type, element by element, wherever they come from. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "mlgate/number.h"

const char *tensor_what(struct context *context, const struct tensor *tensor)
{
    struct mlg_builder out;
    mlg_builder_init(&out, 4096);
    mlg_put_format(&out, "%s [", tensor->type.name);
    for (size_t i = 0; i < tensor->axes; i++)
        mlg_put_format(&out, "%s%llu", i ? ", " : "", (unsigned long long)tensor->shape[i]);
    mlg_put(&out, "]");
    const char *text = mlg_arena_copy(context->arena, out.data, out.size);
    mlg_builder_free(&out);
    return text;
}

bool tensor_count(struct tensor *tensor)
{
    uint64_t bytes;
    bool good = true, empty = false;
    tensor->count = 1;
    for (size_t i = 0; i < tensor->axes; i++) {
        empty |= tensor->shape[i] == 0;
        if (tensor->shape[i] > 0)
            good &= !__builtin_mul_overflow(tensor->count, tensor->shape[i], &tensor->count);
    }
    good = good && !__builtin_mul_overflow(tensor->count, (uint64_t)tensor->type.size, &bytes) &&
           bytes <= INT64_MAX;
    if (empty)
        tensor->count = 0;
    return good;
}

/* ---- elements -------------------------------------------------------------------------------------- */

static uint64_t load(const unsigned char *bytes, unsigned size, bool swap)
{
    uint64_t value = 0;
    if (!swap) { /* every supported machine begins with the least byte */
        memcpy(&value, bytes, size);
        return value;
    }
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)bytes[size - 1 - i] << (8 * i);
    return value;
}

static double half(uint64_t bits)
{
    const int exponent = (int)(bits >> 10 & 31);
    const double fraction = (double)(bits & 1023);
    double value = exponent == 0    ? ldexp(fraction, -24)
                   : exponent == 31 ? (fraction > 0 ? (double)NAN : (double)INFINITY)
                                    : ldexp(fraction + 1024, exponent - 25);
    return bits >> 15 ? -value : value;
}

static double single(uint64_t bits)
{
    const uint32_t narrow = (uint32_t)bits;
    float value;
    memcpy(&value, &narrow, sizeof value);
    return (double)value;
}

static double twofold(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The value of `size` bytes of a real type, and its rank. */
static double real(char kind, unsigned size, bool swap, const unsigned char *bytes, uint64_t *rank)
{
    const uint64_t bits = load(bytes, size, swap), sign = UINT64_C(1) << (8 * size - 1);
    if (kind == 'b') {
        *rank = bits != 0;
        return bits != 0;
    }
    if (kind == 'u') {
        *rank = bits;
        return (double)bits;
    }
    if (kind == 'i') {
        const uint64_t wide = bits & sign && size < 8 ? bits | ~(2 * sign - 1) : bits;
        *rank = wide ^ UINT64_C(1) << 63;
        return (double)(int64_t)wide;
    }
    *rank = bits & sign ? sign - (bits & (sign - 1)) : sign + bits;
    return kind == 'B' ? single(bits << 16)
           : size == 2 ? half(bits)
           : size == 4 ? single(bits)
                       : twofold(bits);
}

static bool is_number(const struct dtype *type)
{
    return strchr("biufBc", type->kind) != NULL;
}

/* Two elements that are no numbers: texts end in zeros that do not count. */
static bool same_text(const struct dtype *a_type, const unsigned char *a, const struct dtype *b_type,
                      const unsigned char *b, unsigned size)
{
    if (a_type->kind != 'U' || a_type->swap == b_type->swap)
        return memcmp(a, b, size) == 0;
    for (unsigned i = 0; i + 4 <= size; i += 4)
        if (load(a + i, 4, a_type->swap) != load(b + i, 4, b_type->swap))
            return false;
    return true;
}

/* Elements of which one may differ: how far they are apart, and what B has. */
struct apart {
    double difference, b;
    uint64_t ulp;
};

static struct apart real_apart(const struct dtype *a_type, const unsigned char *a, const struct dtype *b_type,
                               const unsigned char *b)
{
    struct apart apart;
    uint64_t rank_a, rank_b;
    const double value = real(a_type->kind, a_type->size, a_type->swap, a, &rank_a);
    apart.b = real(b_type->kind, b_type->size, b_type->swap, b, &rank_b);
    apart.ulp = ulps_of(value, rank_a, apart.b, rank_b);
    const bool whole = b_type->kind == 'b' || b_type->kind == 'i' || b_type->kind == 'u';
    if (whole && apart.ulp == UINT64_MAX)
        apart.ulp--; /* that one is infinitely far */
    apart.difference = whole ? (double)apart.ulp : apart.ulp ? value - apart.b : 0;
    return apart;
}

static struct apart complex_apart(const struct dtype *a_type, const unsigned char *a,
                                  const struct dtype *b_type, const unsigned char *b)
{
    const unsigned size = b_type->size / 2;
    const struct dtype x = {.kind = 'f', .size = size, .swap = a_type->swap},
                       y = {.kind = 'f', .size = size, .swap = b_type->swap};
    const struct apart along = real_apart(&x, a, &y, b), across = real_apart(&x, a + size, &y, b + size);
    const bool unknown = isnan(along.difference) || isnan(across.difference);
    return (struct apart){unknown ? (double)NAN : hypot(along.difference, across.difference),
                          hypot(along.b, across.b), along.ulp > across.ulp ? along.ulp : across.ulp};
}

/* ---- as text --------------------------------------------------------------------------------------- */

/* The shortest decimal that a float of 32 bits is the nearest to. */
static void put_single(struct mlg_builder *out, double value)
{
    enum { DIGITS = 9 };
    double shorter = value;
    const int whole = isfinite(value) && fabs(value) > 0 ? (int)floor(log10(fabs(value))) + 1 : 0;
    for (int count = 1; isfinite(value) && count <= DIGITS; count++) {
        /* Roughly rounded: the result is only taken when it leads back to the value. */
        const double ten = pow(10, abs(count - whole));
        char text[MLG_NUMBER_SIZE];
        const int size = snprintf(text, sizeof text, "%llde%d",
                                  llround(count >= whole ? value * ten : value / ten), whole - count);
        if (mlg_number_parse(text, (size_t)size, &shorter) && (double)(float)shorter == value)
            break;
        shorter = value;
    }
    mlg_put_number(out, shorter);
}

static void put_real(struct mlg_builder *out, char kind, unsigned size, bool swap, const unsigned char *bytes)
{
    uint64_t rank;
    const double value = real(kind, size, swap, bytes, &rank);
    if (kind == 'b')
        mlg_put(out, rank ? "true" : "false");
    else if (kind == 'u')
        mlg_put_format(out, "%llu", (unsigned long long)rank);
    else if (kind == 'i')
        mlg_put_format(out, "%lld", (long long)(int64_t)(rank ^ UINT64_C(1) << 63));
    else if (size == 4)
        put_single(out, value);
    else
        mlg_put_number(out, value);
}

static void put_element(struct mlg_builder *out, const struct dtype *type, const unsigned char *bytes)
{
    const unsigned half_size = type->size / 2;
    if (type->kind == 'c') {
        put_real(out, 'f', half_size, type->swap, bytes);
        mlg_put(out, " + ");
        put_real(out, 'f', half_size, type->swap, bytes + half_size);
        mlg_put(out, "i");
    } else if (type->kind == 'S') {
        size_t size = type->size;
        while (size > 0 && bytes[size - 1] == 0)
            size--;
        mlg_put_bytes(out, (const char *)bytes, size);
    } else if (type->kind == 'U') {
        for (unsigned i = 0; i + 4 <= type->size; i += 4) {
            const uint64_t point = load(bytes + i, 4, type->swap);
            if (point == 0)
                continue;
            if (point < 128)
                mlg_put_bytes(out, (const char[]){(char)point}, 1);
            else
                mlg_put_format(out, "\\u%04llx", (unsigned long long)point);
        }
    } else if (type->kind == 'V') {
        mlg_put(out, "0x");
        for (unsigned i = 0; i < type->size && i < 16; i++)
            mlg_put_format(out, "%02x", bytes[i]);
    } else {
        put_real(out, type->kind, type->size, type->swap, bytes);
    }
}

static void put_place(struct mlg_builder *out, const char *name, const struct tensor *tensor, uint64_t index)
{
    uint64_t at[MOST_AXES];
    for (size_t i = tensor->axes; i-- > 0;) { /* the last axis runs fastest */
        at[i] = index % tensor->shape[i];
        index /= tensor->shape[i];
    }
    mlg_put(out, name);
    for (size_t i = 0; i < tensor->axes; i++)
        mlg_put_format(out, "%s%llu", i ? ", " : "[", (unsigned long long)at[i]);
    mlg_put(out, tensor->axes ? "]" : "");
}

static void place_element(struct tally *tally, const struct tensor *a, const unsigned char *a_bytes,
                          const struct tensor *b, const unsigned char *b_bytes, uint64_t index)
{
    struct mlg_builder place, x, y;
    mlg_builder_init(&place, 4096);
    mlg_builder_init(&x, 4096);
    mlg_builder_init(&y, 4096);
    put_place(&place, tally->part.name, b, index);
    put_element(&x, &a->type, a_bytes);
    put_element(&y, &b->type, b_bytes);
    if (place.data && x.data && y.data)
        tally_place(tally, place.size ? place.data : "its number", x.data, x.size, y.data, y.size);
    mlg_builder_free(&place);
    mlg_builder_free(&x);
    mlg_builder_free(&y);
}

/* ---- both ------------------------------------------------------------------------------------------ */

enum { WINDOW = 256 * 1024 };

/* Elements `first` .. of a tensor in C order. */
static int fetch(struct context *context, struct blob *blob, const struct tensor *tensor, bool gather,
                 uint64_t first, size_t count, unsigned char *window)
{
    const unsigned size = tensor->type.size;
    uint64_t steps[MOST_AXES], step = 1;
    if (!gather)
        return blob_read(blob, tensor->offset + first * size, window, count * size, context->error);
    for (size_t i = 0; i < tensor->axes; i++) { /* in Fortran order the first axis runs fastest */
        steps[i] = tensor->strided ? tensor->steps[i] : step;
        step *= tensor->shape[i];
    }
    const int code = blob_load(blob, context->error);
    if (code)
        return code;
    for (size_t k = 0; k < count; k++) {
        uint64_t index = first + k, stored = 0;
        for (size_t i = tensor->axes; i-- > 0;) {
            stored += index % tensor->shape[i] * steps[i];
            index /= tensor->shape[i];
        }
        memcpy(window + k * size, blob->bytes + tensor->offset + stored * size, size);
    }
    return 0;
}

/* So many elements of both sides at a time: their squares are summed at once. */
enum { BATCH = 1024 };

static void tally_numbers(struct tally *tally, const struct tensor *tensor_a, const unsigned char *a,
                          const struct tensor *tensor_b, const unsigned char *b, uint64_t first, size_t count)
{
    const struct dtype *type_a = &tensor_a->type, *type_b = &tensor_b->type;
    const unsigned size = type_b->size;
    const bool equal = type_a->swap == type_b->swap && memcmp(a, b, count * size) == 0;
    double differences[BATCH] = {0}, bases[BATCH] = {0};
    bool differ = false;
    for (size_t k = 0; k < count; k++) {
        struct apart apart = {0};
        uint64_t rank;
        if (type_b->kind == 'c')
            apart = complex_apart(type_a, a + k * size, type_b, b + k * size);
        else if (equal)
            apart.b = real(type_b->kind, size, type_b->swap, b + k * size, &rank);
        else
            apart = real_apart(type_a, a + k * size, type_b, b + k * size);
        if (apart.ulp > 0 && tally_apart(tally, apart.difference, apart.b, apart.ulp))
            place_element(tally, tensor_a, a + k * size, tensor_b, b + k * size, first + k);
        differ |= apart.ulp > 0;
        differences[k] = isfinite(apart.difference) ? apart.difference : 0;
        bases[k] = isfinite(apart.b) ? apart.b : 0;
    }
    tally->part.distance.elements += count;
    tally->part.distance.numbers += count;
    mlg_sum_add_products(&tally->sums.base, 1, NULL, bases, bases, count);
    if (differ)
        mlg_sum_add_products(&tally->sums.difference, 1, NULL, differences, differences, count);
}

static void tally_others(struct tally *tally, const struct tensor *tensor_a, const unsigned char *a,
                         const struct tensor *tensor_b, const unsigned char *b, uint64_t first, size_t count)
{
    const unsigned size = tensor_b->type.size;
    const char *why = tensor_b->type.kind == 'V' ? "holds other bytes" : "holds other texts";
    for (size_t k = 0; k < count; k++)
        if (same_text(&tensor_a->type, a + k * size, &tensor_b->type, b + k * size, size))
            tally_equal(tally);
        else if (tally_unlike(tally, why))
            place_element(tally, tensor_a, a + k * size, tensor_b, b + k * size, first + k);
}

static int compare_elements(struct tally *tally, struct blob *a, const struct tensor *tensor_a,
                            struct blob *b, const struct tensor *tensor_b, unsigned char *windows)
{
    const unsigned size = tensor_b->type.size;
    const size_t step = size > WINDOW ? 1 : WINDOW / size;
    const bool gather_a = tensor_a->strided || (tensor_a->fortran && tensor_a->axes > 1),
               gather_b = tensor_b->strided || (tensor_b->fortran && tensor_b->axes > 1);
    unsigned char *x = windows, *y = windows + step * size;
    for (uint64_t first = 0; first < tensor_b->count; first += step) {
        const uint64_t rest = tensor_b->count - first;
        const size_t count = rest < step ? (size_t)rest : step;
        int code = fetch(tally->context, a, tensor_a, gather_a, first, count, x);
        if (!code)
            code = fetch(tally->context, b, tensor_b, gather_b, first, count, y);
        if (code)
            return code;
        tally->other_bytes |= memcmp(x, y, count * size) != 0;
        for (size_t k = 0; k < count; k += BATCH)
            (is_number(&tensor_b->type) ? tally_numbers
                                        : tally_others)(tally, tensor_a, x + k * size, tensor_b, y + k * size,
                                                        first + k, count - k < BATCH ? count - k : BATCH);
    }
    return 0;
}

int compare_tensors(struct context *context, const char *name, struct blob *a, const struct tensor *tensor_a,
                    struct blob *b, const struct tensor *tensor_b)
{
    struct tally tally;
    if (is_ignored(context, name))
        return 0;
    int code = tally_begin(&tally, context, name, MLG_PART_TENSOR);
    if (code)
        return code;
    tally.part.what = tensor_what(context, tensor_a);
    const char *what_b = tensor_what(context, tensor_b);
    if (!tally.part.what || !what_b)
        return no_memory(context);
    const bool same_type = strcmp(tensor_a->type.name, tensor_b->type.name) == 0;
    bool same_shape = tensor_a->axes == tensor_b->axes;
    for (size_t i = 0; same_shape && i < tensor_b->axes; i++)
        same_shape = tensor_a->shape[i] == tensor_b->shape[i];
    if (!same_type || !same_shape) {
        const char *why = mlg_arena_format(context->arena, "%s against %s", tally.part.what, what_b);
        tally.part.distance.undefined =
            named(context, name, same_shape ? "has another type" : "has another shape");
        return tally_end_as(&tally, MLG_PART_DIFFERENT, why);
    }
    const size_t size = tensor_b->type.size;
    if (size == 0 || tensor_b->count == 0) { /* nothing stands in them */
        tally.part.distance.elements = tensor_b->count;
        return tally_end(&tally);
    }
    const size_t window = size > WINDOW ? size : WINDOW / size * size;
    unsigned char *windows = malloc(2 * window);
    if (!windows)
        return no_memory(context);
    code = compare_elements(&tally, a, tensor_a, b, tensor_b, windows);
    free(windows);
    return code ? code : tally_end(&tally);
}
