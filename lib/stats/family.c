/* What the metric families share: kept rows in blocks, a tally made from them, and the bounds of shares of
 * counts. */
#include "family.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mlgate/distribution.h"
#include "mlgate/text.h"

/* ---- evidence ----------------------------------------------------------------------------------- */

void mlg_family_begin(const struct mlg_call *call, struct mlg_evidence *evidence)
{
    const unsigned reads = call->metric->reads | (call->inner ? call->inner->metric->reads : 0);
    *evidence = (struct mlg_evidence){.kind = MLG_VALUE_ONLY,
                                      .method = MLG_METHOD_NONE,
                                      .minimum = call->metric->minimum,
                                      .maximum = call->metric->maximum,
                                      .of_queries = (reads & MLG_READS_QUERY) != 0,
                                      .degrees = (double)INFINITY};
}

/* How many bytes the character has that begins here; 0: it is not whole. */
static size_t whole_character(const char *text)
{
    const unsigned char first = (unsigned char)text[0];
    const size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    for (size_t i = 1; i < size; i++)
        if (((unsigned char)text[i] & 0xc0U) != 0x80U)
            return 0;
    return (first & 0xc0U) == 0x80U ? 0 : size;
}

/* A name that a precision has cut may end within a character: what is left of it goes. */
static void drop_parts_of_characters(char *text)
{
    size_t kept = 0, size;
    for (size_t at = 0; text[at]; at += size ? size : 1) {
        size = whole_character(text + at);
        memmove(text + kept, text + at, size);
        kept += size;
    }
    text[kept] = '\0';
}

/* Formats into a reason or a note; what does not fit ends at a whole character, in an ellipsis. */
static void format_text(char text[MLG_REASON_SIZE], const char *format, va_list arguments)
{
    static const char ellipsis[] = "…";
    int length = vsnprintf(text, MLG_REASON_SIZE, format, arguments);
    if (length >= MLG_REASON_SIZE) {
        size_t end = MLG_REASON_SIZE - sizeof ellipsis;
        while (end > 0 && ((unsigned char)text[end] & 0xc0U) == 0x80U)
            end--;
        memcpy(text + end, ellipsis, sizeof ellipsis);
    }
    drop_parts_of_characters(text);
}

int mlg_evidence_undefined(struct mlg_evidence *evidence, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_text(evidence->reason, format, arguments);
    va_end(arguments);
    evidence->kind = MLG_UNDEFINED;
    evidence->method = MLG_METHOD_NONE;
    evidence->value = (double)NAN;
    evidence->standard_error = 0;
    evidence->numerator = evidence->denominator = 0;
    evidence->fractions = NULL;
    evidence->bounds = NULL;
    evidence->state = NULL;
    return MLG_OK;
}

void mlg_family_bare(struct mlg_evidence *evidence, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    format_text(evidence->reason, format, arguments);
    va_end(arguments);
    evidence->kind = MLG_VALUE_ONLY;
    evidence->method = MLG_METHOD_NONE;
}

int mlg_family_weightless(struct mlg_evidence *evidence, uint64_t rows)
{
    if (rows == 1)
        return mlg_evidence_undefined(evidence, "the weight of the only row is 0");
    struct mlg_builder count;
    mlg_builder_init(&count, 0);
    mlg_put_count(&count, rows);
    int code = mlg_evidence_undefined(evidence, "all weights of the %.*s rows are 0",
                                      count.failed ? 0 : (int)count.size, count.failed ? "" : count.data);
    mlg_builder_free(&count);
    return code;
}

void mlg_family_note(struct mlg_evidence *evidence, const char *format, ...)
{
    char text[MLG_REASON_SIZE];
    va_list arguments;
    va_start(arguments, format);
    format_text(text, format, arguments);
    va_end(arguments);
    size_t used = strlen(evidence->note), size = strlen(text);
    if (used + size + 3 > MLG_REASON_SIZE)
        return;
    if (used) {
        memcpy(evidence->note + used, "; ", 2);
        used += 2;
    }
    memcpy(evidence->note + used, text, size + 1);
}

/* ---- terms ---------------------------------------------------------------------------------------- */

static size_t compute_positive(const struct mlg_rows *rows, const double parameters[4], double *const *out,
                               const char **why)
{
    (void)parameters, (void)why;
    for (size_t i = 0; i < rows->count; i++)
        out[0][i] = rows->positive[i] ? 1 : 0;
    return 0;
}

const struct mlg_terms mlg_family_positive = {
    .name = "positive", .count = 1, .products = false, .compute = compute_positive};

size_t mlg_family_absolute_error(const struct mlg_rows *rows, const double parameters[4], double *const *out,
                                 const char **why)
{
    (void)parameters, (void)why;
    for (size_t i = 0; i < rows->count; i++)
        out[0][i] = fabs(rows->label_number[i] - rows->prediction_number[i]);
    return 0;
}

bool mlg_family_subtract(const struct mlg_evidence *ours, const struct mlg_evidence *theirs,
                         struct mlg_evidence *evidence, struct mlg_arena *arena)
{
    const struct mlg_fraction one = {ours->numerator, ours->denominator};
    const struct mlg_fraction other = {theirs->numerator, theirs->denominator};
    struct mlg_fractions *fractions = mlg_arena_alloc(arena, 1, sizeof *fractions + sizeof *fractions->terms);
    if (!fractions)
        return false;
    *fractions = (struct mlg_fractions){.count = 1, .divisor = 1};
    if (one.denominator == 0 || other.denominator == 0 ||
        !mlg_fraction_difference(one, other, fractions->terms, &fractions->negated))
        return true;
    evidence->value = mlg_fractions_value(fractions);
    evidence->fractions = fractions;
    return true;
}

bool mlg_family_positive_known(const struct mlg_view *view, struct mlg_evidence *evidence)
{
    const struct mlg_classes *classes = &view->scan->classes;
    if (classes->positive < 0)
        mlg_evidence_undefined(evidence, "%s",
                               classes->positive_why ? classes->positive_why
                                                     : "the positive class is not known");
    evidence->lacks_positive = classes->positive < 0;
    return classes->positive >= 0;
}

/* Hoare's selection. */
double mlg_family_select(double *values, size_t count, size_t place)
{
    ptrdiff_t first = 0, last = (ptrdiff_t)count - 1;
    const ptrdiff_t wanted = (ptrdiff_t)place;
    while (first < last) {
        const double pivot = values[first + (last - first) / 2];
        ptrdiff_t i = first, j = last;
        while (i <= j) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i > j)
                break;
            const double swap = values[i];
            values[i++] = values[j];
            values[j--] = swap;
        }
        if (wanted <= j)
            last = j;
        else if (wanted >= i)
            first = i;
        else
            break;
    }
    return values[place];
}

/* ---- kept rows ---------------------------------------------------------------------------------- */

double mlg_family_weight(const struct mlg_rows *rows, size_t row)
{
    return rows->weight ? rows->weight[row] : 1;
}

enum { BLOCK_ROWS = 512 };

struct block {
    uint8_t *positive;
    uint16_t *score_of_label;
    double **scores;
    double *label_number, *prediction_number, *weight;
};

static bool block_new(struct block *block, const struct mlg_rows *kept, struct mlg_arena *arena)
{
    *block = (struct block){0};
    if (kept->positive && !(block->positive = MLG_NEW_ARRAY(arena, uint8_t, BLOCK_ROWS)))
        return false;
    if (kept->score_of_label && !(block->score_of_label = MLG_NEW_ARRAY(arena, uint16_t, BLOCK_ROWS)))
        return false;
    if (kept->label_number && !(block->label_number = MLG_NEW_ARRAY(arena, double, BLOCK_ROWS)))
        return false;
    if (kept->prediction_number && !(block->prediction_number = MLG_NEW_ARRAY(arena, double, BLOCK_ROWS)))
        return false;
    if (kept->weight && !(block->weight = MLG_NEW_ARRAY(arena, double, BLOCK_ROWS)))
        return false;
    if (!kept->scores)
        return true;
    if (!(block->scores = MLG_NEW_ARRAY(arena, double *, kept->score_count)))
        return false;
    for (size_t k = 0; k < kept->score_count; k++)
        if (!(block->scores[k] = MLG_NEW_ARRAY(arena, double, BLOCK_ROWS)))
            return false;
    return true;
}

static void gather(double *out, const double *from, const uint32_t *index, size_t count)
{
    for (size_t i = 0; from && i < count; i++)
        out[i] = from[index[i]];
}

int mlg_family_blocks(struct mlg_view *view,
                      int (*visit)(void *context, const struct mlg_rows *rows, size_t first,
                                   struct mlg_error *error),
                      void *context, struct mlg_error *error)
{
    const struct mlg_rows *kept = &view->scan->kept;
    size_t count = 0;
    const uint32_t *index = mlg_scan_rows(view->scan, view->slicing, view->slice, &count);
    if (!index) /* all of them, where they stand */
        return count ? visit(context, kept, 0, error) : MLG_OK;
    struct block block;
    if (!block_new(&block, kept, view->scratch))
        return mlg_error_set(error, MLG_LIMIT, "no memory to look at the rows of a slice");
    for (size_t first = 0; first < count; first += BLOCK_ROWS) {
        const size_t size = count - first < BLOCK_ROWS ? count - first : BLOCK_ROWS;
        const uint32_t *rows = index + first;
        for (size_t i = 0; kept->positive && i < size; i++)
            block.positive[i] = kept->positive[rows[i]];
        for (size_t i = 0; kept->score_of_label && i < size; i++)
            block.score_of_label[i] = kept->score_of_label[rows[i]];
        for (size_t k = 0; kept->scores && k < kept->score_count; k++)
            gather(block.scores[k], kept->scores[k], rows, size);
        gather(block.label_number, kept->label_number, rows, size);
        gather(block.prediction_number, kept->prediction_number, rows, size);
        gather(block.weight, kept->weight, rows, size);
        const struct mlg_rows part = {.count = size,
                                      .positive = block.positive,
                                      .score_of_label = block.score_of_label,
                                      .scores = (const double *const *)block.scores,
                                      .score_count = kept->score_count,
                                      .label_number = block.label_number,
                                      .prediction_number = block.prediction_number,
                                      .weight = block.weight};
        int code = visit(context, &part, first, error);
        if (code != MLG_OK)
            return code;
    }
    return MLG_OK;
}

/* Without labels, as where selection alone is asked for, all have the first class's. */
static size_t cell_of(const struct mlg_rows *kept, size_t row, size_t classes)
{
    return (kept->label ? kept->label[row] : 0) * classes + kept->prediction[row];
}

/* The sums of weights of each cell, exact, hence the same in any order of rows: the rows are brought
 * together by cell first, so that one accumulator serves all cells. */
static bool weigh_cells(const struct mlg_rows *kept, const uint32_t *index, size_t count, size_t classes,
                        const uint64_t *cell_rows, double *weight, double *weight2, struct mlg_arena *arena)
{
    const size_t cells = classes * classes;
    size_t *next = MLG_NEW_ARRAY(arena, size_t, cells);
    double *sorted = MLG_NEW_ARRAY(arena, double, count);
    if (!next || !sorted)
        return false;
    for (size_t cell = 0, at = 0; cell < cells; at += (size_t)cell_rows[cell], cell++)
        next[cell] = at;
    for (size_t i = 0; i < count; i++) {
        const size_t row = index ? index[i] : i;
        sorted[next[cell_of(kept, row, classes)]++] = kept->weight[row];
    }
    for (size_t cell = 0, at = 0; cell < cells; cell++) {
        struct mlg_sum sum = {0}, squares = {0};
        for (const size_t end = at + (size_t)cell_rows[cell]; at < end; at++) {
            mlg_sum_add(&sum, sorted[at]);
            mlg_sum_add_product(&squares, sorted[at], sorted[at]);
        }
        if (cell_rows[cell]) {
            weight[cell] = mlg_sum_round(&sum);
            weight2[cell] = mlg_sum_round(&squares);
        }
    }
    return true;
}

int mlg_family_tally(struct mlg_view *view, struct mlg_tally *tally, struct mlg_error *error)
{
    const struct mlg_rows *kept = &view->scan->kept;
    const size_t classes = view->scan->classes.count, cells = classes * classes;
    size_t count = 0;
    const uint32_t *index = mlg_scan_rows(view->scan, view->slicing, view->slice, &count);
    uint64_t *cell_rows = MLG_NEW_ARRAY(view->scratch, uint64_t, cells + 1);
    if (!cell_rows)
        return mlg_error_set(error, MLG_LIMIT, "no memory to count %zu classes", classes);
    for (size_t i = 0; i < count; i++) {
        const size_t row = index ? index[i] : i;
        cell_rows[cell_of(kept, row, classes)]++;
    }
    *tally = (struct mlg_tally){.classes = classes, .rows = count, .count = cell_rows};
    if (!view->scan->weighted)
        return MLG_OK;
    for (size_t i = 0; i < count; i++)
        tally->rows -= !(kept->weight[index ? index[i] : i] > 0);
    double *weight = MLG_NEW_ARRAY(view->scratch, double, cells + 1);
    double *weight2 = MLG_NEW_ARRAY(view->scratch, double, cells + 1);
    if (!weight || !weight2 ||
        !weigh_cells(kept, index, count, classes, cell_rows, weight, weight2, view->scratch))
        return mlg_error_set(error, MLG_LIMIT, "no memory to weigh %zu classes", classes);
    tally->weight = weight;
    tally->weight2 = weight2;
    return MLG_OK;
}

/* ---- errors of uneven weights --------------------------------------------------------------------- */

/* In simulations at limits equal to the truth (docs/coverage.md) with lognormal weights, 1 to 20 of 400 rows
 * with nearly all weight, and heavy rows that vary less or more than the others, means of symmetrical losses
 * passed in no more than 5 %, where n rows counted as n let up to 43 % pass. Of 20 that carry, half of the
 * variance is what they say; of 200, 99 %. */
#define HALF_OF_CARRIERS 20.

/* Under this many one row has four fifths of the weight. */
#define FEWEST_EFFECTIVE 1.5

/* A number of equal shares is whole, but they are rounded. */
static double whole(double count)
{
    const double nearest = round(count);
    return fabs(count - nearest) <= 1e-9 * nearest ? nearest : count;
}

double mlg_family_effective(const struct mlg_family_uneven *uneven)
{
    return whole(1 / uneven->shares2);
}

/* A variance of independent parts in shares p^2 has (sum p^2)^2 / sum p^4 carriers (Satterthwaite 1946). */
static double carriers(const struct mlg_family_uneven *uneven)
{
    return whole(uneven->shares2 / uneven->shares4 * uneven->shares2);
}

double mlg_family_degrees(const struct mlg_family_uneven *uneven)
{
    return fmin(mlg_family_effective(uneven) - 1, fmax(1, carriers(uneven) - 1));
}

bool mlg_family_variance(const struct mlg_family_uneven *uneven, double *variance)
{
    const double effective = mlg_family_effective(uneven), root = carriers(uneven) / HALF_OF_CARRIERS;
    const double weight = root * root, larger = fmax(uneven->observed, uneven->even);
    if (!(effective >= FEWEST_EFFECTIVE))
        return false;
    *variance =
        (larger > uneven->observed ? (weight * uneven->observed + larger) / (weight + 1) : uneven->observed) *
        (effective / (effective - 1));
    return true;
}

/* ---- bounds of shares of counts ------------------------------------------------------------------ */

double mlg_family_bend(double bend, double rate)
{
    return (1 + bend) * rate / (1 + bend * rate);
}

double mlg_family_unbend(double bend, double value)
{
    return value / (1 + bend - bend * value);
}

double mlg_family_unbend_slope(double bend, double value)
{
    const double down = 1 + bend - bend * value;
    return (1 + bend) / (down * down);
}

double mlg_family_size(double rate, double variance, double most)
{
    const double one_row = rate * (1 - rate);
    if (!(one_row > 0) || !(variance > 0))
        return most;
    return fmin(one_row / variance, most);
}

/* In simulations at limits equal to the truth (docs/coverage.md) kappa of three to five classes passed in no
 * more than 5.7 %. Of 20 that carry, the variance has 95 % of the say. */
#define SQUARED_CARRIERS_OF_HALF 20.

double mlg_family_trust(const struct mlg_family_carry *carry)
{
    return 1 - SQUARED_CARRIERS_OF_HALF / (carry->carriers * carry->carriers + SQUARED_CARRIERS_OF_HALF);
}

double mlg_family_size_carried(double rate, double variance, double most,
                               const struct mlg_family_carry *carry)
{
    const double least = rate * (1 - rate) / most, trust = mlg_family_trust(carry);
    if (!(variance > 0) || !(variance < least))
        return mlg_family_size(rate, variance, most);
    const double seen = fmin(fmax(variance, carry->variance), least);
    return rate * (1 - rate) / (trust * seen + (1 - trust) * least);
}

struct parts_state {
    struct mlg_evidence other; /* kind MLG_BOUNDS: to be enclosed too */
    double value, minimum, maximum, common;
    double shrink; /* of the parts' squared deviations, for what one makes up of another's */
    bool exact;    /* limits of parts */
    size_t count;
    struct mlg_family_part parts[];
};

/* What the bounds of one part add to the squared deviations below and above. A size with few degrees of
 * freedom counts for less (Korn and Graubard 1998). */
static void add_part(const struct mlg_family_part *part, bool exact, double confidence, double multiplier,
                     double *below, double *above)
{
    double size = part->size * multiplier;
    if (part->degrees > 0 && confidence > 0.5) {
        const double shrink =
            mlg_normal_quantile(confidence) / mlg_t_quantile(confidence, part->degrees * multiplier);
        size *= shrink * shrink;
    }
    const struct mlg_rate rate = {part->rate * size, size};
    const struct mlg_limits one = (exact ? mlg_clopper_pearson : mlg_proportion)(rate, confidence);
    const double centre = mlg_family_bend(part->bend, part->rate);
    const double down = part->share * (mlg_family_bend(part->bend, one.lower) - centre);
    const double up = part->share * (mlg_family_bend(part->bend, one.upper) - centre);
    const double low = fmin(0, fmin(down, up)), high = fmax(0, fmax(down, up));
    *below += low * low;
    *above += high * high;
}

static int parts_bounds(const void *state, double confidence, double multiplier, double *lower, double *upper)
{
    const struct parts_state *parts = state;
    const double z = mlg_normal_quantile(confidence);
    const double common = z * z * parts->common / multiplier;
    double below = 0, above = 0;
    for (size_t i = 0; i < parts->count; i++)
        add_part(&parts->parts[i], parts->exact, confidence, multiplier, &below, &above);
    *lower = parts->value - sqrt(parts->shrink * below + common);
    *upper = parts->value + sqrt(parts->shrink * above + common);
    if (parts->other.kind == MLG_BOUNDS) {
        double low, high;
        int code = parts->other.bounds(parts->other.state, confidence, multiplier, &low, &high);
        if (code != 0)
            return code;
        *lower = fmin(*lower, low);
        *upper = fmax(*upper, high);
    }
    *lower = fmin(parts->value, fmax(parts->minimum, *lower));
    *upper = fmax(parts->value, fmin(parts->maximum, *upper));
    return 0;
}

/* The variance of the parts' sum, were they independent. */
static double variance_apart(const struct mlg_family_part *parts, size_t count)
{
    double variance = 0;
    for (size_t i = 0; i < count; i++) {
        const double down = 1 + parts[i].bend * parts[i].rate;
        const double slope = parts[i].share * (1 + parts[i].bend) / (down * down);
        variance += slope * slope * parts[i].rate * (1 - parts[i].rate) / parts[i].size;
    }
    return variance;
}

int mlg_family_parts(struct mlg_evidence *evidence, enum mlg_method method,
                     const struct mlg_family_part *parts, size_t count, double common,
                     const struct mlg_evidence *other, struct mlg_arena *arena, struct mlg_error *error)
{
    struct parts_state *state =
        mlg_arena_alloc(arena, 1, sizeof *state + count * sizeof(struct mlg_family_part));
    if (!state)
        return mlg_error_set(error, MLG_LIMIT, "no memory for the bounds of a value");
    if (other)
        state->other = *other;
    state->value = evidence->value;
    state->minimum = evidence->minimum;
    state->maximum = evidence->maximum;
    const double apart = common < 0 ? variance_apart(parts, count) : 0;
    state->common = fmax(0, common);
    state->shrink = apart > 0 ? fmax(0, 1 + common / apart) : 1;
    state->count = count;
    if (count)
        memcpy(state->parts, parts, count * sizeof *parts);
    evidence->kind = MLG_BOUNDS;
    evidence->method = method;
    if (method == MLG_METHOD_WILSON && count > 0)
        evidence->method = mlg_proportion_method((struct mlg_rate){parts->rate * parts->size, parts->size});
    evidence->bounds = parts_bounds;
    evidence->state = state;
    return MLG_OK;
}

double mlg_family_optimism(double value, double rows)
{
    const double euler = 0.57721566490153286, harmonic = log(rows) + euler + 1 / (2 * rows);
    return rows > 1 ? (1 - value) * fmax(0, harmonic - 1) / (rows - 1) : 1 - value;
}

int mlg_family_parts_exact(struct mlg_evidence *evidence, struct mlg_arena *arena, struct mlg_error *error)
{
    if (evidence->kind != MLG_BOUNDS || evidence->bounds != parts_bounds)
        return MLG_OK;
    const struct parts_state *parts = evidence->state;
    const size_t size = sizeof *parts + parts->count * sizeof(struct mlg_family_part);
    struct parts_state *state = mlg_arena_alloc(arena, 1, size);
    if (!state)
        return mlg_error_set(error, MLG_LIMIT, "no memory for the bounds of a value");
    memcpy(state, parts, size);
    state->exact = true;
    int code = mlg_family_parts_exact(&state->other, arena, error);
    evidence->state = state;
    if (evidence->method == MLG_METHOD_WILSON)
        evidence->method = MLG_METHOD_CLOPPER_PEARSON;
    return code;
}

int mlg_family_share(struct mlg_evidence *evidence, enum mlg_method method, double size,
                     struct mlg_arena *arena, struct mlg_error *error)
{
    const double width = evidence->maximum - evidence->minimum;
    const struct mlg_family_part part = {
        .share = width, .rate = (evidence->value - evidence->minimum) / width, .size = size};
    return mlg_family_parts(evidence, method, &part, 1, 0, NULL, arena, error);
}

int mlg_family_no_difference(struct mlg_evidence *evidence, enum mlg_method method, double size,
                             struct mlg_arena *arena, struct mlg_error *error)
{
    const double width = evidence->maximum - evidence->minimum;
    const struct mlg_family_part parts[] = {{.share = width / 2, .size = size},
                                            {.share = -width / 2, .size = size}};
    return mlg_family_parts(evidence, method, parts, 2, 0, NULL, arena, error);
}
