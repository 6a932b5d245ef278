/* tally: parts and their distances, as they are counted. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "mlgate/number.h"

const char *const mlg_part_kinds[MLG_PART_KIND_COUNT] = {
    [MLG_PART_BYTES] = "bytes",   [MLG_PART_PICKLE] = "pickle", [MLG_PART_STORAGE] = "storage",
    [MLG_PART_HDF5] = "hdf5",     [MLG_PART_TENSOR] = "tensor", [MLG_PART_VALUE] = "value",
    [MLG_PART_JSON] = "json",     [MLG_PART_LINES] = "jsonl",   [MLG_PART_TEXT] = "text",
    [MLG_PART_COLUMN] = "column", [MLG_PART_ROWS] = "rows",     [MLG_PART_LINK] = "link",
    [MLG_PART_GRAPH] = "graph",
};

const char *const mlg_part_verdicts[MLG_PART_VERDICT_COUNT] = {
    [MLG_PART_IDENTICAL] = "identical", [MLG_PART_SAME] = "same",        [MLG_PART_DIFFERENT] = "different",
    [MLG_PART_ONLY_A] = "only_in_a",    [MLG_PART_ONLY_B] = "only_in_b", [MLG_PART_OPAQUE] = "opaque",
};

struct context *context_begin(const struct mlg_compare_options *options, struct mlg_arena *arena,
                              struct mlg_error *error)
{
    static const struct mlg_compare_options strict = {0};
    struct context *context = calloc(1, sizeof *context); /* exact sums are large */
    if (!context) {
        refuse_memory(error);
        return NULL;
    }
    context->options = options ? options : &strict;
    context->arena = arena;
    context->error = &context->own_error;
    return context;
}

int context_end(struct context *context, int code, struct mlg_error *error)
{
    if (code && error)
        *error = context->own_error;
    free(context);
    return code;
}

int refuse_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory for the comparison");
}

int no_memory(struct context *context)
{
    return refuse_memory(context->error);
}

int failed(const struct context *context)
{
    return (int)context->error->code;
}

const char *named(struct context *context, const char *name, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const char *whole = *name ? mlg_arena_format(context->arena, "'%s' %s", name, text)
                              : mlg_arena_format(context->arena, "the file %s", text);
    return whole ? whole : "what differs cannot be told for want of memory";
}

const char *inner_name(struct context *context, const char *name, const char *inner)
{
    return *name ? mlg_arena_format(context->arena, "%s//%s", name, inner) : inner;
}

int note(struct context *context, const char *text)
{
    struct mlg_comparison *comparison = &context->comparison;
    const char **notes = mlg_arena_grow(context->arena, comparison->notes, &context->note_capacity,
                                        comparison->note_count + 1, sizeof *notes);
    if (!notes || !text)
        return no_memory(context);
    comparison->notes = notes;
    notes[comparison->note_count++] = text;
    return 0;
}

/* '*' stands for any text. */
static bool matches(const char *pattern, const char *name)
{
    const char *star = NULL, *again = NULL;
    while (*name) {
        if (*pattern == '*') {
            star = ++pattern;
            again = name;
        } else if (*pattern == *name) {
            pattern++;
            name++;
        } else if (star) {
            pattern = star;
            name = ++again;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}

bool is_ignored(struct context *context, const char *name)
{
    bool ignored = false;
    for (size_t i = 0; i < context->options->ignore_count; i++)
        if (context->options->ignore[i][0] != '/' && matches(context->options->ignore[i], name)) {
            context->ignored |= UINT64_C(1) << i;
            ignored = true;
        }
    return ignored;
}

int tally_begin(struct tally *tally, struct context *context, const char *name, enum mlg_part_kind kind)
{
    *tally = (struct tally){.context = context, .part = {.name = name, .kind = kind}};
    tally->part.places = MLG_NEW_ARRAY(context->arena, struct mlg_part_place, MLG_COMPARE_PLACES);
    return tally->part.places ? 0 : no_memory(context);
}

static double relative_l2(const struct sums *sums)
{
    const double difference = mlg_sum_round(&sums->difference), base = mlg_sum_round(&sums->base);
    if (sums->infinite || !isfinite(difference) || !isfinite(base))
        return sums->infinite || difference > 0 ? (double)INFINITY : 0;
    if (!(difference > 0)) /* squares below the smallest double tell nothing */
        return sums->any ? (double)INFINITY : 0;
    return base > 0 ? sqrt(difference) / sqrt(base) : (double)INFINITY;
}

static void add_to_total(struct context *context, const struct mlg_distance *distance,
                         const struct sums *sums)
{
    struct mlg_distance *total = &context->comparison.total;
    total->elements += distance->elements;
    total->differ += distance->differ;
    total->beyond += distance->beyond;
    total->numbers += distance->numbers;
    if (distance->max_abs_difference > total->max_abs_difference)
        total->max_abs_difference = distance->max_abs_difference;
    if (distance->max_rel_difference > total->max_rel_difference)
        total->max_rel_difference = distance->max_rel_difference;
    if (distance->max_ulp > total->max_ulp)
        total->max_ulp = distance->max_ulp;
    mlg_sum_merge(&context->total.difference, &sums->difference);
    mlg_sum_merge(&context->total.base, &sums->base);
    context->total.infinite |= sums->infinite;
    context->total.any |= sums->any;
    total->relative_l2 = relative_l2(&context->total);
}

int tally_end_as(struct tally *tally, enum mlg_part_verdict verdict, const char *why)
{
    struct context *context = tally->context;
    struct mlg_comparison *comparison = &context->comparison;
    struct mlg_part *part = &tally->part;
    if (comparison->part_count >= MLG_COMPARE_PARTS)
        return mlg_error_set(context->error, MLG_LIMIT, "there are more than %d parts to compare",
                             MLG_COMPARE_PARTS);
    struct mlg_part *parts = mlg_arena_grow(context->arena, comparison->parts, &context->part_capacity,
                                            comparison->part_count + 1, sizeof *parts);
    if (!parts)
        return no_memory(context);
    comparison->parts = parts;
    part->verdict = verdict;
    part->why = why;
    if (verdict > MLG_PART_SAME && !part->distance.undefined && part->distance.beyond == 0)
        part->distance.undefined = named(context, part->name, "%s",
                                         why                          ? why
                                         : verdict == MLG_PART_ONLY_A ? "is only in A"
                                         : verdict == MLG_PART_ONLY_B ? "is only in B"
                                                                      : "differs");
    part->distance.relative_l2 = relative_l2(&tally->sums);
    add_to_total(context, &part->distance, &tally->sums);
    parts[comparison->part_count++] = *part;
    return 0;
}

int tally_end(struct tally *tally)
{
    return tally_end_as(tally,
                        tally->part.distance.beyond > 0 ? MLG_PART_DIFFERENT
                        : tally->other_bytes            ? MLG_PART_SAME
                                                        : MLG_PART_IDENTICAL,
                        NULL);
}

int only_one(struct context *context, const char *name, bool in_a, enum mlg_part_kind kind, const char *what)
{
    struct tally tally;
    if (is_ignored(context, name))
        return 0;
    int code = tally_begin(&tally, context, name, kind);
    if (code)
        return code;
    tally.part.what = what;
    return tally_end_as(&tally, in_a ? MLG_PART_ONLY_A : MLG_PART_ONLY_B, NULL);
}

int tell_identical(struct context *context, const char *name, const char *what, uint64_t bytes)
{
    struct tally tally;
    const int code = tally_begin(&tally, context, name, MLG_PART_BYTES);
    if (code)
        return code;
    tally.part.what = what;
    tally.part.distance.elements = bytes;
    return tally_end_as(&tally, MLG_PART_IDENTICAL, NULL);
}

/* ---- elements -------------------------------------------------------------------------------------- */

static bool has_room(struct tally *tally, enum place_rank rank)
{
    if (rank > tally->rank) { /* what matters pushes out what does not */
        tally->rank = rank;
        tally->part.place_count = 0;
    }
    return rank == tally->rank && tally->part.place_count < MLG_COMPARE_PLACES;
}

bool tally_apart(struct tally *tally, double difference, double b, uint64_t ulp)
{
    struct mlg_distance *distance = &tally->part.distance;
    const struct mlg_compare_options *options = tally->context->options;
    difference = fabs(difference);
    tally->sums.any = true;
    if (!isfinite(difference)) {
        difference = (double)INFINITY;
        tally->sums.infinite = true;
    }
    const double relative = isfinite(b) ? difference / fabs(b) : (double)INFINITY; /* by 0: infinite */
    const bool beyond =
        !(difference <= options->absolute + options->relative * fabs(b)) || !isfinite(difference);
    distance->differ++;
    distance->beyond += beyond;
    if (difference > distance->max_abs_difference)
        distance->max_abs_difference = difference;
    if (relative > distance->max_rel_difference)
        distance->max_rel_difference = relative;
    if (ulp > distance->max_ulp)
        distance->max_ulp = ulp;
    return has_room(tally, !isfinite(difference) ? PLACE_INFINITE : beyond ? PLACE_BEYOND : PLACE_DIFFERS);
}

bool tally_number(struct tally *tally, double difference, double b, uint64_t ulp)
{
    tally->part.distance.elements++;
    tally->part.distance.numbers++;
    if (isfinite(b))
        mlg_sum_add_product(&tally->sums.base, b, b);
    if (ulp == 0)
        return false;
    if (isfinite(difference))
        mlg_sum_add_product(&tally->sums.difference, difference, difference);
    return tally_apart(tally, difference, b, ulp);
}

bool tally_unlike(struct tally *tally, const char *why)
{
    struct mlg_distance *distance = &tally->part.distance;
    distance->elements++;
    distance->differ++;
    distance->beyond++;
    tally->other_bytes = true;
    if (!distance->undefined)
        distance->undefined = named(tally->context, tally->part.name, "%s", why);
    return has_room(tally, PLACE_BEYOND);
}

void tally_equal(struct tally *tally)
{
    tally->part.distance.elements++;
}

static uint64_t order_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint64_t sign = UINT64_C(1) << 63;
    return bits & sign ? sign - (bits & ~sign) : sign + bits;
}

uint64_t ulps_of(double a, uint64_t rank_a, double b, uint64_t rank_b)
{
    if (rank_a == rank_b || (isnan(a) && isnan(b)))
        return 0;
    if (!isfinite(a) || !isfinite(b))
        return UINT64_MAX;
    return rank_a > rank_b ? rank_a - rank_b : rank_b - rank_a;
}

uint64_t ulps_between(double a, double b)
{
    return ulps_of(a, order_of(a), b, order_of(b));
}

/* Digits alone, with a sign or without, that fit: what is compared exactly. */
static bool is_whole(const char *text, size_t size, int64_t *value)
{
    enum { MOST_DIGITS = 18 };
    size_t i = size > 0 && (text[0] == '-' || text[0] == '+');
    int64_t sum = 0;
    if (i == size || size - i > MOST_DIGITS)
        return false;
    for (; i < size; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        sum = sum * 10 + (text[i] - '0');
    }
    *value = text[0] == '-' ? -sum : sum;
    return true;
}

static bool has_digits(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] >= '0' && text[i] <= '9')
            return true;
    return false;
}

bool tally_texts(struct tally *tally, const char *a, size_t a_size, const char *b, size_t b_size,
                 const char *why)
{
    const bool equal = a_size == b_size && (a_size == 0 || memcmp(a, b, a_size) == 0);
    double x, y;
    int64_t m, n;
    tally->other_bytes |= !equal;
    const bool numbers = mlg_number_parse(a, a_size, &x) && mlg_number_parse(b, b_size, &y);
    if (equal && !numbers) {
        tally_equal(tally);
        return false;
    }
    if (!numbers)
        return tally_unlike(tally, why);
    if (equal)
        return tally_number(tally, 0, y, 0);
    if (is_whole(a, a_size, &m) && is_whole(b, b_size, &n)) {
        const uint64_t steps = m > n ? (uint64_t)m - (uint64_t)n : (uint64_t)n - (uint64_t)m;
        return tally_number(tally, (double)steps, y, steps); /* x and y may be rounded, the steps are not */
    }
    uint64_t ulp = ulps_between(x, y);
    /* Longer than a double can tell: an identifier, say. */
    enum { DIGITS_OF_DOUBLE = 17 };
    if (ulp == 0 && isfinite(x) && a_size > DIGITS_OF_DOUBLE && b_size > DIGITS_OF_DOUBLE &&
        !memchr(a, '.', a_size) && !memchr(b, '.', b_size) && mlg_number_is_exact(a, a_size) &&
        mlg_number_is_exact(b, b_size) && mlg_number_compare(a, a_size, b, b_size) != 0)
        return tally_unlike(tally, "holds whole numbers that differ beyond the precision of numbers");
    /* Written in digits, and more than a double has: both are infinite, and not equal for that. */
    if (ulp == 0 && isinf(x) && has_digits(a, a_size) && has_digits(b, b_size) &&
        mlg_number_compare(a, a_size, b, b_size) != 0)
        return tally_unlike(tally, "holds numbers that differ beyond the range of numbers");
    return tally_number(tally, x - y, y, ulp);
}

static const char *copied(struct tally *tally, const char *text, size_t size)
{
    enum { MOST = 120 };
    struct mlg_arena *arena = tally->context->arena;
    if (!text)
        return NULL;
    if (size <= MOST)
        return mlg_arena_copy(arena, text, size);
    size = MOST;
    while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
        size--;
    return mlg_arena_format(arena, "%.*s...", (int)size, text);
}

void tally_place(struct tally *tally, const char *place, const char *a, size_t a_size, const char *b,
                 size_t b_size)
{
    struct mlg_part_place *next = &tally->part.places[tally->part.place_count];
    if (tally->part.place_count >= MLG_COMPARE_PLACES)
        return;
    *next = (struct mlg_part_place){mlg_arena_copy(tally->context->arena, place, strlen(place)),
                                    copied(tally, a, a_size), copied(tally, b, b_size)};
    tally->part.place_count += next->place != NULL;
}
