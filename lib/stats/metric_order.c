/* order: metrics that rest on the order of numbers: the median and the largest of the errors, and the share
 * of a pinball loss that the labels' own quantile leaves over. They read kept rows, because neither counts
 * nor sums know an order.
 *
 * Rows of weight 0 count as absent. A quantile is the averaged inverse of the distribution function: where
 * the weights up to a value make up the wanted share (but for rounding: decimal weights seldom add up
 * exactly), the mean of that value and the next one. Without weights its median is the usual one. */
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "family.h"
#include "mlgate/distribution.h"

/* ---- rows in order ------------------------------------------------------------------------------ */

struct item {
    double value, weight;
};

enum key { KEY_LABEL, KEY_ABSOLUTE_ERROR };

static double key_of(const struct mlg_rows *rows, size_t row, enum key key)
{
    const double label = rows->label_number[row];
    return key == KEY_LABEL ? label : fabs(rows->prediction_number[row] - label);
}

static int compare_items(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return (x->weight > y->weight) - (x->weight < y->weight); /* the same sums in any order of rows */
}

/* The slice's rows of a weight above 0, ascending. NULL for want of memory. */
static struct item *sort_rows(const struct mlg_view *view, enum key key, size_t *count)
{
    const struct mlg_rows *kept = &view->scan->kept;
    size_t rows;
    const uint32_t *index = mlg_scan_rows(view->scan, view->slicing, view->slice, &rows);
    struct item *items = MLG_NEW_ARRAY(view->scratch, struct item, rows + 1);
    *count = 0;
    for (size_t i = 0; items && i < rows; i++) {
        const size_t row = index ? index[i] : i;
        const double weight = mlg_family_weight(kept, row);
        if (weight > 0)
            items[(*count)++] = (struct item){key_of(kept, row, key), weight};
    }
    if (items)
        qsort(items, *count, sizeof *items, compare_items);
    return items;
}

static double middle(double a, double b)
{
    const double sum = a + b;
    return isfinite(sum) ? sum / 2 : a / 2 + b / 2;
}

/* Of at least one item. */
static double quantile(const struct item *items, size_t count, double share)
{
    struct mlg_double2 all = {0, 0}, below = {0, 0};
    for (size_t i = 0; i < count; i++)
        all = mlg_double2_add(all, mlg_double2_of(items[i].weight));
    const struct mlg_double2 wanted = mlg_double2_multiply(all, mlg_double2_of(share));
    const double rounding = 4 * DBL_EPSILON * all.high;
    for (size_t i = 0; i + 1 < count; i++) {
        below = mlg_double2_add(below, mlg_double2_of(items[i].weight));
        const double above = mlg_double2_subtract(below, wanted).high;
        if (fabs(above) <= rounding)
            return middle(items[i].value, items[i + 1].value);
        if (above > 0)
            return items[i].value;
    }
    return items[count - 1].value;
}

/* Says that there are no rows, or none that count. */
static int nothing(const struct mlg_view *view, struct mlg_evidence *evidence)
{
    const uint64_t rows = view->scan->slicings[view->slicing].items[view->slice].rows;
    if (rows == 0)
        return mlg_evidence_undefined(evidence, "no rows");
    return mlg_family_weightless(evidence, rows);
}

static int order_plan(struct mlg_call *call, struct mlg_plan *plan, struct mlg_error *error)
{
    (void)call;
    return mlg_plan_keep(plan, MLG_KEEP_LABEL_NUMBER | MLG_KEEP_PREDICTION_NUMBER, error);
}

/* ---- median_absolute_error ---------------------------------------------------------------------- */

struct order_state {
    const struct item *items; /* ascending */
    size_t count;
};

/* P(at most `successes` of `trials`), each with probability 1/2. */
static double binomial_half(size_t successes, size_t trials)
{
    return successes >= trials ? 1 : mlg_beta_cdf(0.5, (double)(trials - successes), (double)successes + 1);
}

/* The least number of successes whose distribution function reaches `share`. */
static size_t binomial_half_quantile(double share, size_t trials)
{
    const double reached = share * (1 - 64 * DBL_EPSILON); /* rounding alone must not move a rank */
    size_t low = 0, high = trials;
    while (low < high) {
        const size_t between = low + (high - low) / 2;
        if (binomial_half(between, trials) >= reached)
            high = between;
        else
            low = between + 1;
    }
    return low;
}

/* The number of rows below the true median is binomial(n, 1/2), whatever the errors' distribution. Hence the
 * r-th smallest error is above it with probability P(at most r - 1 of n), which is below 1 - confidence for
 * r = the binomial's (1 - confidence) quantile; and likewise the r-th largest. Too few rows have no such r.
 */
static int order_bounds(const void *state, double confidence, double multiplier, double *lower, double *upper)
{
    const struct order_state *order = state;
    if (multiplier != 1)
        return 1; /* rows that look the same have other ranks: which, nobody knows */
    const size_t rank = binomial_half_quantile(1 - confidence, order->count);
    *lower = rank ? order->items[rank - 1].value : 0;
    *upper = rank ? order->items[order->count - rank].value : (double)INFINITY;
    return 0;
}

static int median_evaluate(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                           double *influence, struct mlg_error *error)
{
    enum { FEW_ROWS = 7 }; /* 2^-7 is the first below 1 % */
    struct order_state *state = MLG_NEW(view->scratch, struct order_state);
    mlg_family_begin(call, evidence);
    if (state)
        state->items = sort_rows(view, KEY_ABSOLUTE_ERROR, &state->count);
    if (!state || !state->items)
        return mlg_error_set(error, MLG_LIMIT, "no memory to sort the errors of the rows");
    evidence->n = state->count;
    if (state->count == 0)
        return nothing(view, evidence);
    evidence->value = quantile(state->items, state->count, 0.5);
    if (!isfinite(evidence->value))
        return mlg_evidence_undefined(evidence, "the numbers are too large to be subtracted");
    if (influence) {
        mlg_family_note(evidence, "no interval is known for a median in clusters or pairs");
        return MLG_OK;
    }
    if (view->scan->weighted) {
        mlg_family_note(evidence, "no interval is known for a median with weights");
        return MLG_OK;
    }
    if (state->count < FEW_ROWS)
        mlg_family_note(evidence, "bounds of a median need 5 rows at 95 %%, 7 at 99 %%");
    evidence->kind = MLG_BOUNDS;
    evidence->method = MLG_METHOD_ORDER;
    evidence->bounds = order_bounds;
    evidence->state = state;
    return MLG_OK;
}

/* ---- max_error ---------------------------------------------------------------------------------- */

static const struct mlg_terms terms_largest = {
    .name = "largest_error", .count = 1, .compute = mlg_family_absolute_error, .largest = true};

static int max_plan(struct mlg_call *call, struct mlg_plan *plan, struct mlg_error *error)
{
    static const double none[4] = {0};
    call->moments = mlg_plan_moments(plan, &terms_largest, none, error);
    return call->moments < 0 ? (error ? (int)error->code : MLG_LIMIT) : MLG_OK;
}

/* Of the kept rows: the largest error, and how many rows there are. */
static void look_for_largest(const struct mlg_view *view, double numbers[2])
{
    const struct mlg_rows *kept = &view->scan->kept;
    size_t rows;
    const uint32_t *index = mlg_scan_rows(view->scan, view->slicing, view->slice, &rows);
    numbers[0] = numbers[1] = 0;
    for (size_t i = 0; i < rows; i++) {
        const size_t row = index ? index[i] : i;
        if (!(mlg_family_weight(kept, row) > 0))
            continue;
        numbers[0] = fmax(numbers[0], key_of(kept, row, KEY_ABSOLUTE_ERROR));
        numbers[1]++;
    }
}

static int max_evaluate(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                        double *influence, struct mlg_error *error)
{
    const double *numbers = mlg_scan_numbers(view->scan, view->slicing, view->slice, call->moments);
    double seen[2];
    mlg_family_begin(call, evidence);
    if (influence) { /* on exactly the rows that have one: see family.h */
        look_for_largest(view, seen);
        numbers = seen;
    }
    if (!numbers)
        return mlg_error_set(error, MLG_INTERNAL, "'%s' was not planned", call->metric->name);
    evidence->n = (uint64_t)numbers[1];
    if (evidence->n == 0)
        return nothing(view, evidence);
    if (!isfinite(numbers[0]))
        return mlg_evidence_undefined(evidence, "the numbers are too large to be subtracted");
    evidence->value = numbers[0];
    mlg_family_note(evidence, "no interval is known for the largest error: rows that were not seen may have "
                              "larger ones");
    return MLG_OK;
}

/* ---- d2_absolute_error, d2_pinball -------------------------------------------------------------- */

static double pinball(double label, double prediction, double alpha)
{
    const double difference = label - prediction;
    return difference >= 0 ? alpha * difference : (alpha - 1) * difference;
}

/* Sums of the losses of the predictions and of one constant answer. */
static void add_losses(const struct mlg_view *view, double alpha, double constant, struct mlg_sum *ours,
                       struct mlg_sum *constants, bool *too_large)
{
    const struct mlg_rows *kept = &view->scan->kept;
    size_t rows;
    const uint32_t *index = mlg_scan_rows(view->scan, view->slicing, view->slice, &rows);
    *too_large = false;
    for (size_t i = 0; i < rows; i++) {
        const size_t row = index ? index[i] : i;
        const double weight = mlg_family_weight(kept, row), label = kept->label_number[row];
        const double loss = pinball(label, kept->prediction_number[row], alpha);
        const double base = pinball(label, constant, alpha);
        if (!(weight > 0))
            continue;
        if (!isfinite(loss) || !isfinite(base)) {
            *too_large = true;
            return;
        }
        mlg_sum_add_product(ours, weight, loss);
        mlg_sum_add_product(constants, weight, base);
    }
}

/* 1 - loss / loss of the labels' own alpha-quantile; the evidence has a value only, or none. */
static int share_explained(struct mlg_view *view, double alpha, struct mlg_evidence *evidence,
                           struct mlg_error *error)
{
    struct mlg_sum ours = {0}, constants = {0};
    bool too_large;
    size_t count;
    const struct item *labels = sort_rows(view, KEY_LABEL, &count);
    if (!labels)
        return mlg_error_set(error, MLG_LIMIT, "no memory to sort the labels of the rows");
    evidence->n = count;
    if (count == 0)
        return nothing(view, evidence);
    if (count < 2)
        return mlg_evidence_undefined(evidence, "one row alone has no spread");
    if (labels[0].value == labels[count - 1].value)
        return mlg_evidence_undefined(evidence, "all %zu labels are the same number", count);
    add_losses(view, alpha, quantile(labels, count, alpha), &ours, &constants, &too_large);
    const struct mlg_double2 loss = mlg_sum_double2(&ours), base = mlg_sum_double2(&constants);
    if (too_large || !isfinite(loss.high) || !isfinite(base.high))
        return mlg_evidence_undefined(evidence, "the numbers are too large to be added up");
    if (!(base.high > 0))
        return mlg_evidence_undefined(evidence, "the labels are too close together to be told apart");
    evidence->value = mlg_double2_subtract(mlg_double2_of(1), mlg_double2_divide(loss, base)).high;
    if (!isfinite(evidence->value))
        return mlg_evidence_undefined(evidence, "the labels are too close together to be told apart");
    return MLG_OK;
}

static int d2_evaluate(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                       double *influence, struct mlg_error *error)
{
    (void)influence;
    mlg_family_begin(call, evidence);
    int code = share_explained(view, call->arguments.alpha, evidence, error);
    if (code == MLG_OK && evidence->kind != MLG_UNDEFINED)
        mlg_family_note(evidence, "no interval is known for %s", call->metric->name);
    return code;
}

/* 0 by definition, where there is a value at all. */
static int d2_constant(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                       struct mlg_error *error)
{
    mlg_family_begin(call, evidence);
    int code = share_explained(view, call->arguments.alpha, evidence, error);
    if (code == MLG_OK && evidence->kind != MLG_UNDEFINED) {
        evidence->value = 0;
        mlg_family_note(evidence, "always answering with the quantile of the labels");
    }
    return code;
}

/* ---- rows --------------------------------------------------------------------------------------- */

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NUMBERS .reads = MLG_READS_LABEL_NUMBER | MLG_READS_PREDICTION_NUMBER, .plan = order_plan
#define ERROR_RANGE .direction = MLG_LOWER_IS_BETTER, .minimum = 0, .maximum = (double)INFINITY
#define D2                                                                                                   \
    .direction = MLG_HIGHER_IS_BETTER, .minimum = -(double)INFINITY, .maximum = 1,                           \
    .method = MLG_METHOD_NONE, .accuracy_like = true, .evaluate = d2_evaluate, .constant = d2_constant

const struct mlg_metric mlg_metric_median_absolute_error = {
    .name = "median_absolute_error",
    .about = "half of the predictions are at most this far off; a few wild errors do not move it",
    .definition =
        "median of |prediction - label|: the middle one, or the mean of the middle two. With weights the "
        "error up to which half of the weight lies; where a half ends exactly between two errors, their "
        "mean. Its interval asks for no distribution; with weights or clusters none is known",
    .undefined_when = "there are no rows, or none with a weight above 0",
    .source = "scikit-learn median_absolute_error (1.8 and later: averaged with weights)",
    NUMBERS,
    ERROR_RANGE,
    .method = MLG_METHOD_ORDER,
    .evaluate = median_evaluate,
};

const struct mlg_metric mlg_metric_max_error = {
    .name = "max_error",
    .about = "how far off the worst prediction is",
    .definition =
        "largest |prediction - label|, whatever the weights; rows of weight 0 are left out. It grows with "
        "the number of rows and has no interval: compare it with 'decide: point'",
    .undefined_when = "there are no rows, or none with a weight above 0",
    .source = "scikit-learn max_error",
    .reads = MLG_READS_LABEL_NUMBER | MLG_READS_PREDICTION_NUMBER,
    .plan = max_plan,
    ERROR_RANGE,
    .method = MLG_METHOD_NONE,
    .evaluate = max_evaluate,
};

const struct mlg_metric mlg_metric_d2_absolute_error = {
    .name = "d2_absolute_error",
    .aliases = NAMES("d2_absolute_error_score"),
    .about = "share of the labels' mean absolute deviation that the predictions explain; 0 is always "
             "answering with the median label, below it is worse",
    .definition = "1 - sum of |label - prediction| / sum of |label - median label|",
    .undefined_when = "there are fewer than two rows, or all labels are equal (scikit-learn says 0 or 1)",
    .source = "scikit-learn d2_absolute_error_score",
    NUMBERS,
    D2,
};

const struct mlg_metric mlg_metric_d2_pinball = {
    .name = "d2_pinball",
    .aliases = NAMES("d2_pinball_score"),
    .about = "share of the labels' pinball loss that the predictions explain; 0 is always answering with "
             "the alpha-quantile of the labels, below it is worse",
    .definition =
        "1 - pinball_loss(prediction) / pinball_loss(alpha-quantile of the labels), the quantile averaged "
        "where it lies between two labels; with alpha=0.5 it is d2_absolute_error",
    .undefined_when = "there are fewer than two rows, or all labels are equal (scikit-learn says 0 or 1)",
    .source = "scikit-learn d2_pinball_score",
    .arguments = NAMES("alpha"),
    NUMBERS,
    D2,
};
