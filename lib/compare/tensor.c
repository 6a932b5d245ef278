/* tensor: arrays of one type, element by element, wherever they come from. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "mlgate/number.h"

/* An element as a number (or two, for complex ones), and its rank among the numbers of its type. */
struct element {
    double value, imaginary;
    uint64_t rank, imaginary_rank;
    bool is_nan, imaginary_is_nan;
};

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

/* ---- elements
 * ---------------------------------------------------------------------------------------------- */

static uint64_t load(const unsigned char *bytes, unsigned size, bool swap)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++) /* the bytes of this machine begin with the least, see dtype.swap */
        value |= (uint64_t)bytes[swap ? size - 1 - i : i] << (8 * i);
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

static void decode(const struct dtype *type, const unsigned char *bytes, struct element *element)
{
    *element = (struct element){0};
    if (type->kind == 'c') {
        const unsigned size = type->size / 2;
        element->value = real('f', size, type->swap, bytes, &element->rank);
        element->imaginary = real('f', size, type->swap, bytes + size, &element->imaginary_rank);
        element->imaginary_is_nan = isnan(element->imaginary);
    } else {
        element->value = real(type->kind, type->size, type->swap, bytes, &element->rank);
    }
    element->is_nan = isnan(element->value);
}

static uint64_t apart(uint64_t a, bool a_is_nan, uint64_t b, bool b_is_nan)
{
    if (a_is_nan || b_is_nan)
        return a_is_nan && b_is_nan ? 0 : UINT64_MAX;
    return a > b ? a - b : b - a;
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

static bool tally_element(struct tally *tally, const struct dtype *a_type, const unsigned char *a,
                          const struct dtype *b_type, const unsigned char *b)
{
    struct element x, y;
    if (!is_number(b_type)) {
        if (same_text(a_type, a, b_type, b, b_type->size)) {
            tally_equal(tally);
            return false;
        }
        return tally_unlike(tally, b_type->kind == 'V' ? "holds other bytes" : "holds other texts");
    }
    decode(a_type, a, &x);
    decode(b_type, b, &y);
    uint64_t ulp = apart(x.rank, x.is_nan, y.rank, y.is_nan);
    if (b_type->kind != 'c') {
        const bool whole = strchr("biu", b_type->kind) != NULL;
        return tally_number(tally, whole ? (double)ulp : x.value - y.value, y.value, ulp);
    }
    const uint64_t other = apart(x.imaginary_rank, x.imaginary_is_nan, y.imaginary_rank, y.imaginary_is_nan);
    const double along = ulp ? x.value - y.value : 0, across = other ? x.imaginary - y.imaginary : 0;
    if (other > ulp)
        ulp = other;
    return tally_number(tally, isnan(along) || isnan(across) ? (double)NAN : hypot(along, across),
                        hypot(y.value, y.imaginary), ulp);
}

/* ---- as text
 * ------------------------------------------------------------------------------------------------- */

/* The shortest decimal that a float of 32 bits is the nearest to. */
static void put_single(struct mlg_builder *out, double value)
{
    enum { DIGITS = 9 };
    double shorter = value;
    const int whole = isfinite(value) && fabs(value) > 0 ? (int)floor(log10(fabs(value))) + 1 : 0;
    for (int count = 6; isfinite(value) && count <= DIGITS; count++) {
        /* Rounded in tens: exact enough, as the result is only taken when it leads back to the value. */
        const double ten = pow(10, abs(count - whole));
        const double scaled = count >= whole ? round(value * ten) : round(value / ten);
        shorter = count >= whole ? scaled / ten : scaled * ten;
        if ((double)(float)shorter == value)
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

/* ---- both
 * ------------------------------------------------------------------------------------------------------ */

enum { WINDOW = 256 * 1024 };

/* Elements `first` .. of a tensor in C order. */
static int fetch(struct context *context, struct blob *blob, const struct tensor *tensor, bool gather,
                 uint64_t first, size_t count, unsigned char *window)
{
    const unsigned size = tensor->type.size;
    if (!gather)
        return blob_read(blob, tensor->offset + first * size, window, count * size, context->error);
    const char *bytes = blob_bytes(blob, context->error);
    if (!bytes)
        return context->error && context->error->code ? (int)context->error->code : MLG_LIMIT;
    for (size_t k = 0; k < count; k++) {
        uint64_t index = first + k, stored = 0, at[MOST_AXES];
        for (size_t i = tensor->axes; i-- > 0;) {
            at[i] = index % tensor->shape[i];
            index /= tensor->shape[i];
        }
        for (size_t i = tensor->axes; i-- > 0;) /* the first axis runs fastest */
            stored = stored * tensor->shape[i] + at[i];
        memcpy(window + k * size, bytes + tensor->offset + stored * size, size);
    }
    return 0;
}

static int compare_elements(struct tally *tally, struct blob *a, const struct tensor *tensor_a,
                            struct blob *b, const struct tensor *tensor_b, unsigned char *windows)
{
    const unsigned size = tensor_b->type.size;
    const size_t step = size > WINDOW ? 1 : WINDOW / size;
    const bool gather_a = tensor_a->fortran && tensor_a->axes > 1,
               gather_b = tensor_b->fortran && tensor_b->axes > 1;
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
        for (size_t k = 0; k < count; k++)
            if (tally_element(tally, &tensor_a->type, x + k * size, &tensor_b->type, y + k * size))
                place_element(tally, tensor_a, x + k * size, tensor_b, y + k * size, first + k);
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
