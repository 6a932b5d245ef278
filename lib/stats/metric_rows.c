/* metric_rows: how many rows there are, and how many of them are labelled positive. Counts are exact: they
 * describe this table and estimate nothing; the base rate is a share of it, with an interval. */
#include <math.h>

#include "family.h"

static int tell_count(const struct mlg_call *call, uint64_t count, struct mlg_evidence *evidence)
{
    mlg_family_begin(call, evidence);
    evidence->kind = MLG_EXACT_VALUE;
    evidence->method = MLG_METHOD_EXACT;
    evidence->value = (double)count;
    evidence->n = evidence->numerator = count;
    evidence->denominator = 1;
    return MLG_OK;
}

static int rows_evaluate(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                         double *influence, struct mlg_error *error)
{
    (void)influence, (void)error;
    return tell_count(call, view->scan->slicings[view->slicing].items[view->slice].rows, evidence);
}

static int positive_plan(struct mlg_call *call, struct mlg_plan *plan, struct mlg_error *error)
{
    static const double none[4] = {0};
    call->moments = mlg_plan_moments(plan, &mlg_family_positive, none, error);
    if (call->moments < 0)
        return error ? (int)error->code : MLG_LIMIT;
    /* Moments add up weights; a count of rows beside weights needs the rows. */
    return call->metric->method == MLG_METHOD_EXACT && mlg_plan_weighted(plan)
               ? mlg_plan_keep(plan, MLG_KEEP_LABEL, error)
               : MLG_OK;
}

static int class_count(const struct mlg_call *call, struct mlg_view *view, bool positive,
                       struct mlg_evidence *evidence, struct mlg_error *error)
{
    const struct mlg_scan *scan = view->scan;
    uint64_t rows = 0, positives = 0;
    mlg_family_begin(call, evidence);
    if (!mlg_family_positive_known(view, evidence))
        return MLG_OK;
    if (scan->weighted) {
        size_t count;
        const uint32_t *index = mlg_scan_rows(scan, view->slicing, view->slice, &count);
        for (size_t i = 0; i < count; i++)
            positives += scan->kept.positive[index ? index[i] : i] != 0;
        rows = count;
    } else {
        const struct mlg_moments *moments = mlg_scan_moments(scan, view->slicing, view->slice, call->moments);
        if (!moments)
            return mlg_error_set(error, MLG_INTERNAL, "'%s' was not planned", call->metric->name);
        rows = moments->n;
        positives = (uint64_t)mlg_sum_round(&moments->u[0]);
    }
    return tell_count(call, positive ? positives : rows - positives, evidence);
}

static int positives_evaluate(const struct mlg_call *call, struct mlg_view *view,
                              struct mlg_evidence *evidence, double *influence, struct mlg_error *error)
{
    (void)influence;
    return class_count(call, view, true, evidence, error);
}

static int negatives_evaluate(const struct mlg_call *call, struct mlg_view *view,
                              struct mlg_evidence *evidence, double *influence, struct mlg_error *error)
{
    (void)influence;
    return class_count(call, view, false, evidence, error);
}

/* ---- base rate ---------------------------------------------------------------------------------- */

/* Of the rows with an influence: sums of weights, of their squares, and of both over the positive ones. */
struct shares {
    uint64_t rows, positives;
    double all, all2, positive, positive2;
};

static void share_rows(const struct mlg_view *view, struct shares *shares)
{
    const struct mlg_rows *kept = &view->scan->kept;
    struct mlg_sum sums[4] = {0};
    size_t count;
    const uint32_t *index = mlg_scan_rows(view->scan, view->slicing, view->slice, &count);
    *shares = (struct shares){0};
    for (size_t i = 0; i < count; i++) {
        const size_t row = index ? index[i] : i;
        const double weight = mlg_family_weight(kept, row);
        if (!(weight > 0))
            continue;
        shares->rows++;
        mlg_sum_add(&sums[0], weight);
        mlg_sum_add_product(&sums[1], weight, weight);
        if (!kept->positive[row])
            continue;
        shares->positives++;
        mlg_sum_add(&sums[2], weight);
        mlg_sum_add_product(&sums[3], weight, weight);
    }
    shares->all = mlg_sum_round(&sums[0]);
    shares->all2 = mlg_sum_round(&sums[1]);
    shares->positive = mlg_sum_round(&sums[2]);
    shares->positive2 = mlg_sum_round(&sums[3]);
}

static int weighted_share(const struct shares *shares, struct mlg_evidence *evidence, struct mlg_arena *arena,
                          struct mlg_error *error)
{
    const double rate = evidence->value, all = shares->all, rows = (double)shares->rows;
    const double squares =
        (1 - rate) * (1 - rate) * shares->positive2 + rate * rate * (shares->all2 - shares->positive2);
    if (rows > 1)
        evidence->standard_error = sqrt(rows / (rows - 1) * squares) / all;
    return mlg_family_share(evidence, MLG_METHOD_LINEARISED,
                            mlg_family_size(rate, squares / (all * all), all * all / shares->all2), arena,
                            error);
}

static int base_rate_plan(struct mlg_call *call, struct mlg_plan *plan, struct mlg_error *error)
{
    int code = positive_plan(call, plan, error);
    /* w^2 of the positive rows alone is no moment that others need. */
    return code == MLG_OK && mlg_plan_weighted(plan) ? mlg_plan_keep(plan, MLG_KEEP_LABEL, error) : code;
}

static int base_rate_evaluate(const struct mlg_call *call, struct mlg_view *view,
                              struct mlg_evidence *evidence, double *influence, struct mlg_error *error)
{
    const struct mlg_scan *scan = view->scan;
    struct shares shares = {0};
    mlg_family_begin(call, evidence);
    if (!mlg_family_positive_known(view, evidence))
        return MLG_OK;
    if (influence || scan->weighted) {
        share_rows(view, &shares);
    } else {
        const struct mlg_moments *moments = mlg_scan_moments(scan, view->slicing, view->slice, call->moments);
        if (!moments)
            return mlg_error_set(error, MLG_INTERNAL, "'%s' was not planned", call->metric->name);
        shares.rows = moments->n;
        shares.positives = (uint64_t)mlg_sum_round(&moments->u[0]);
        shares.all = (double)shares.rows;
        shares.positive = (double)shares.positives;
    }
    evidence->n = shares.rows;
    if (shares.rows == 0)
        return mlg_evidence_undefined(evidence, "no rows");
    if (!(shares.all > 0))
        return mlg_family_weightless(evidence, shares.rows);
    evidence->value = shares.positive / shares.all;
    if (influence) {
        size_t count;
        const uint32_t *index = mlg_scan_rows(scan, view->slicing, view->slice, &count);
        for (size_t i = 0; i < count; i++) {
            const size_t row = index ? index[i] : i;
            influence[i] = mlg_family_weight(&scan->kept, row) *
                           ((scan->kept.positive[row] ? 1 : 0) - evidence->value) / shares.all;
        }
    }
    if (scan->weighted)
        return weighted_share(&shares, evidence, view->scratch, error);
    evidence->kind = MLG_PROPORTION;
    evidence->method = MLG_METHOD_WILSON;
    evidence->numerator = shares.positives;
    evidence->denominator = shares.rows;
    return MLG_OK;
}

/* ---- rows --------------------------------------------------------------------------------------- */

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define COUNT                                                                                                \
    .direction = MLG_NO_DIRECTION, .minimum = 0, .maximum = (double)INFINITY, .method = MLG_METHOD_EXACT

const struct mlg_metric mlg_metric_rows = {
    .name = "rows",
    .about = "how many rows there are, after those with missing values were dropped",
    .definition = "number of rows, whatever their weights",
    .undefined_when = "never",
    .source = "exact",
    COUNT,
    .evaluate = rows_evaluate,
};

const struct mlg_metric mlg_metric_positives = {
    .name = "positives",
    .about = "how many rows are labelled positive",
    .definition = "number of rows whose label is the positive class, whatever their weights",
    .undefined_when = "the positive class is not known",
    .source = "exact",
    .reads = MLG_READS_LABEL | MLG_READS_POSITIVE,
    COUNT,
    .plan = positive_plan,
    .evaluate = positives_evaluate,
};

const struct mlg_metric mlg_metric_negatives = {
    .name = "negatives",
    .about = "how many rows are labelled otherwise than positive",
    .definition = "number of rows whose label is not the positive class, whatever their weights",
    .undefined_when = "the positive class is not known",
    .source = "exact",
    .reads = MLG_READS_LABEL | MLG_READS_POSITIVE,
    COUNT,
    .plan = positive_plan,
    .evaluate = negatives_evaluate,
};

const struct mlg_metric mlg_metric_base_rate = {
    .name = "base_rate",
    .aliases = NAMES("prevalence"),
    .about = "share of rows that are labelled positive",
    .definition = "positives / all rows",
    .undefined_when = "there are no rows, or the positive class is not known",
    .source = "AIF360 base_rate",
    .reads = MLG_READS_LABEL | MLG_READS_POSITIVE,
    .direction = MLG_NO_DIRECTION,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_WILSON,
    .plan = base_rate_plan,
    .evaluate = base_rate_evaluate,
};
