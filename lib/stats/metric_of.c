/* metric_of: quantities made of another metric: constant_score(METRIC) and delta(METRIC). */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "family.h"
#include "mlgate/distribution.h"

/* ---- constant_score ------------------------------------------------------------------------------- */

static int constant_check(const struct mlg_call *call, struct mlg_error *error)
{
    if (call->inner->metric->constant)
        return MLG_OK;
    if (call->inner->metric->constant_bound)
        return mlg_error_set(
            error, MLG_CONFIG,
            "the best constant answer to '%s' is a quantile of the labels, which asks for all "
            "of them in order; d2_absolute_error and d2_pinball compare with it",
            call->inner->metric->name);
    return mlg_error_set(
        error, MLG_CONFIG,
        "'%s' has no best constant answer; constant_score takes one that has, such as accuracy, "
        "f1, log_loss, brier or mse",
        call->inner->metric->name);
}

static int constant_evaluate(const struct mlg_call *call, struct mlg_view *view,
                             struct mlg_evidence *evidence, double *influence, struct mlg_error *error)
{
    int code = call->inner->metric->constant(call->inner, view, evidence, error);
    (void)influence;
    /* With clusters or weights nothing is known of the interval of a best answer. */
    if (code == MLG_OK && evidence->kind != MLG_UNDEFINED &&
        (view->scan->clustered || evidence->kind != MLG_PROPORTION)) {
        evidence->kind = MLG_VALUE_ONLY;
        evidence->method = MLG_METHOD_NONE;
    }
    return code;
}

/* ---- delta: Tango's interval ---------------------------------------------------------------------- */

/* Rows that only the candidate has right, rows that only the baseline has right, all rows. */
struct tango_state {
    double candidate, baseline, rows, sign;
    double step; /* by so many rows the score is set back */
};

/* Tango 1998: the score (b - c - nD) / sqrt(n (2 q + D (1 - D))), q the restricted maximum likelihood
 * estimate of P(only the baseline) where the difference is D; decreasing in D. */
static double tango_score(double b, double c, double n, double difference, double step)
{
    const double linear = -b - c + (2 * n - b + c) * difference;
    const double constant = -c * difference * (1 - difference);
    const double root = sqrt(fmax(0, linear * linear - 8 * n * constant));
    const double q = fmax(0, (root - linear) / (4 * n));
    const double variance = n * (2 * q + difference * (1 - difference));
    const double distance = b - c - step - n * difference;
    if (variance > 0)
        return distance / sqrt(variance);
    return distance > 0 ? (double)INFINITY : distance < 0 ? -(double)INFINITY : 0;
}

/* Where the score is `score`, between `low` and `high`. */
static double tango_solve(double b, double c, double n, double score, double step, double low, double high)
{
    enum { HALVINGS = 100 };
    for (int i = 0; i < HALVINGS; i++) {
        const double middle = low + (high - low) / 2;
        if (tango_score(b, c, n, middle, step) > score)
            low = middle;
        else
            high = middle;
    }
    return low + (high - low) / 2;
}

static int tango_bounds(const void *state, double confidence, double multiplier, double *lower, double *upper)
{
    const struct tango_state *tango = state;
    const double b = tango->candidate * multiplier, c = tango->baseline * multiplier;
    const double n = tango->rows * multiplier, z = mlg_normal_quantile(confidence);
    const double difference = (tango->candidate - tango->baseline) / tango->rows;
    const double low = tango_solve(b, c, n, z, tango->step, -1, difference);
    const double high = tango_solve(b, c, n, -z, -tango->step, difference, 1);
    *lower = tango->sign > 0 ? low : -high;
    *upper = tango->sign > 0 ? high : -low;
    return 0;
}

static bool is_accuracy(const struct mlg_metric *metric)
{
    return strcmp(metric->name, "accuracy") == 0 || strcmp(metric->name, "zero_one_loss") == 0;
}

static int tango(const struct mlg_call *call, const struct mlg_view *view, const struct mlg_pair_names *names,
                 struct mlg_evidence *evidence, struct mlg_error *error)
{
    const struct mlg_rows *candidate = &view->scan->kept, *baseline = &view->baseline->kept;
    struct tango_state *state = MLG_NEW(view->scratch, struct tango_state);
    size_t count;
    const uint32_t *index = mlg_scan_rows(view->scan, view->slicing, view->slice, &count);
    if (!state)
        return mlg_error_set(error, MLG_LIMIT, "no memory for the bounds of a difference");
    state->sign = strcmp(call->inner->metric->name, "accuracy") == 0 ? 1 : -1;
    state->step = names->careful ? 0.5 : 0;
    state->rows = (double)count;
    for (size_t i = 0; i < count; i++) {
        const size_t row = index ? index[i] : i;
        const bool ours = candidate->prediction[row] == candidate->label[row];
        const bool theirs = baseline->prediction[row] == candidate->label[row];
        state->candidate += ours && !theirs;
        state->baseline += theirs && !ours;
    }
    evidence->n = count;
    evidence->value = state->sign * (state->candidate - state->baseline) / state->rows;
    evidence->kind = MLG_BOUNDS;
    evidence->method = MLG_METHOD_TANGO;
    evidence->bounds = tango_bounds;
    evidence->state = state;
    mlg_family_note(evidence, "%.0f %s right only with the %s, %.0f only with the %s", state->candidate,
                    mlg_plural((uint64_t)state->candidate, "row", "rows"), names->ours, state->baseline,
                    names->theirs);
    return MLG_OK;
}

/* ---- delta: paired influence ---------------------------------------------------------------------- */

static int delta_check(const struct mlg_call *call, struct mlg_error *error)
{
    if (call->inner->metric->method != MLG_METHOD_EXACT)
        return MLG_OK;
    return mlg_error_set(error, MLG_CONFIG,
                         "'%s' counts rows, and the rows are the same; delta takes a metric such as accuracy",
                         call->inner->metric->name);
}

/* A share of placements has its error class by class, as DeLong's variance does. */
static bool by_class(const struct mlg_metric *metric)
{
    return strcmp(metric->name, "roc_auc") == 0;
}

/* What the differences of the influence of the rows say. Rows of weight 0 are not there. */
struct pairs {
    uint64_t rows;
    bool several;    /* no class has one row alone */
    double variance; /* n/(n-1) sum of d^2; class by class where that is how the metric's rows were drawn */
    double skewness; /* of the differences, over the root of their number */
    struct mlg_family_uneven uneven;
};

/* The shares of the weight, and the variance as it would be if d / weight varied alike in all rows. */
static struct mlg_family_uneven uneven_pairs(const struct mlg_rows *kept, const uint32_t *index, size_t count,
                                             const double *difference)
{
    struct mlg_sum weights = {0}, shares2 = {0}, shares4 = {0}, squares = {0}, by_weight = {0};
    size_t rows = 0;
    for (size_t i = 0; i < count; i++)
        mlg_sum_add(&weights, mlg_family_weight(kept, index ? index[i] : i));
    const double all = mlg_sum_round(&weights);
    for (size_t i = 0; i < count; i++) {
        const double share = mlg_family_weight(kept, index ? index[i] : i) / all;
        if (!(share > 0))
            continue;
        rows++;
        mlg_sum_add_product(&shares2, share, share);
        mlg_sum_add_product(&shares4, share * share, share * share);
        mlg_sum_add_product(&squares, difference[i], difference[i]);
        mlg_sum_add_product(&by_weight, difference[i] / share, difference[i] / share);
    }
    const double of_all = mlg_sum_round(&shares2);
    return (struct mlg_family_uneven){.shares2 = of_all,
                                      .shares4 = mlg_sum_round(&shares4),
                                      .observed = mlg_sum_round(&squares),
                                      .even = of_all * mlg_sum_round(&by_weight) / (double)rows};
}

/* False: no memory. */
static bool sum_pairs(const struct mlg_view *view, const double *difference, bool apart, struct pairs *pairs)
{
    const struct mlg_rows *kept = &view->scan->kept;
    const size_t classes = apart ? view->scan->classes.count : 1;
    struct mlg_sum *squares = MLG_NEW_ARRAY(view->scratch, struct mlg_sum, classes), cubes = {0};
    uint64_t *counts = MLG_NEW_ARRAY(view->scratch, uint64_t, classes);
    double all = 0;
    size_t count;
    const uint32_t *index = mlg_scan_rows(view->scan, view->slicing, view->slice, &count);
    if (!squares || !counts)
        return false;
    for (size_t i = 0; i < count; i++) {
        const size_t row = index ? index[i] : i, class = apart ? kept->label[row] : 0;
        if (!(mlg_family_weight(kept, row) > 0))
            continue;
        mlg_sum_add_product(&squares[class], difference[i], difference[i]);
        mlg_sum_add_product(&cubes, difference[i] * difference[i], difference[i]);
        counts[class]++;
    }
    *pairs = (struct pairs){.several = true};
    for (size_t c = 0; c < classes; c++) {
        pairs->rows += counts[c];
        all += mlg_sum_round(&squares[c]);
        if (counts[c] == 1)
            pairs->several = false;
        else if (counts[c])
            pairs->variance += mlg_sum_round(&squares[c]) * ((double)counts[c] / (double)(counts[c] - 1));
    }
    pairs->skewness = mlg_sample_skewness(all, mlg_sum_round(&cubes), (double)pairs->rows);
    if (kept->weight) {
        pairs->uneven = uneven_pairs(kept, index, count, difference);
        return true;
    }
    const double n = (double)pairs->rows, observed = pairs->variance * ((n - 1) / n);
    pairs->uneven = (struct mlg_family_uneven){1 / n, 1 / (n * n * n), observed, observed};
    return true;
}

/* A metric of counts is moved by rows that turn from right to wrong, each by its own step; of few rows that
 * may turn, too few are seen to turn for their variance to be known. */
struct steps {
    struct mlg_evidence evidence; /* of the paired influence */
    double rows;                  /* so many that one that turns moves the value by 1 / rows */
};

static int step_bounds(const void *state, double confidence, double multiplier, double *lower, double *upper)
{
    const struct steps *steps = state;
    const struct mlg_evidence *evidence = &steps->evidence;
    const double z = mlg_normal_quantile(confidence), rows = steps->rows * multiplier;
    const double t = mlg_t_quantile(confidence, fmin(evidence->degrees, fmax(1, rows - 1)));
    const double seen = evidence->standard_error * evidence->standard_error / multiplier;
    /* As Tango's bounds of a difference of 0 without a row that tells the two apart: z^2 / (n + z^2). */
    const double unseen = z * z / (rows + z * z);
    const double half = sqrt(t * t * seen + unseen * unseen);
    *lower = fmax(evidence->minimum, evidence->value - half);
    *upper = fmin(evidence->maximum, evidence->value + half);
    return 0;
}

/* The rows that a value rests on: of one that turns, from what the two values' rows add; and no more than
 * those whose answers count, nor than the classes have, each of which may turn unseen. */
static double rows_at_stake(const struct mlg_view *view, const struct mlg_evidence *ours,
                            const struct mlg_evidence *theirs, double step, double width)
{
    double rows = fmin((double)ours->n, (double)theirs->n);
    const struct mlg_rows *kept = &view->scan->kept;
    size_t count, present = 0;
    const uint32_t *index = mlg_scan_rows(view->scan, view->slicing, view->slice, &count);
    uint64_t *classes = MLG_NEW_ARRAY(view->scratch, uint64_t, view->scan->classes.count + 1), least = count;
    if (step > 0)
        rows = fmin(rows, width / step);
    if (!classes || !kept->label)
        return rows;
    for (size_t i = 0; i < count; i++)
        classes[kept->label[index ? index[i] : i]]++;
    for (size_t k = 0; k < view->scan->classes.count; k++)
        if (classes[k] > 0) {
            present++;
            least = classes[k] < least ? classes[k] : least;
        }
    return fmin(rows, (double)least * (double)present);
}

/* From the row that adds least to the one that adds most. */
static double range_of(const double *influence, size_t count)
{
    double least = (double)INFINITY, most = -(double)INFINITY;
    for (size_t i = 0; i < count; i++) {
        least = fmin(least, influence[i]);
        most = fmax(most, influence[i]);
    }
    return count ? most - least : 0;
}

static bool is_of_counts(const struct mlg_metric *metric)
{
    return metric->reads & MLG_READS_PREDICTION && !is_accuracy(metric);
}

/* Are its rows those of an answer? Then two answers rest on other rows, as many as each has. */
static bool is_by_answer(const struct mlg_metric *metric)
{
    static const char *const names[] = {"precision", "npv", "fdr", "for"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(metric->name, names[i]) == 0)
            return true;
    return false;
}

/* Of few rows it is not known how far the errors of the two make up for each other: then as if they did not.
 * In simulations at limits equal to the truth with 3 to 10 rows the paired error alone passed 16 %. */
static int enclose_proportions(const struct mlg_evidence *ours, const struct mlg_evidence *theirs,
                               double rows, struct mlg_evidence *evidence, struct mlg_arena *arena,
                               struct mlg_error *error)
{
    enum { HALF_OF_ROWS = 20 };
    const double n = (double)ours->n, m = (double)theirs->n, root = rows / HALF_OF_ROWS;
    const double apart = ours->value * (1 - ours->value) / n + theirs->value * (1 - theirs->value) / m;
    const double paired = evidence->standard_error * evidence->standard_error;
    const struct mlg_family_part parts[] = {{.share = 1, .rate = ours->value, .size = n},
                                            {.share = -1, .rate = theirs->value, .size = m}};
    const struct mlg_evidence own = *evidence;
    return mlg_family_parts(evidence, MLG_METHOD_PAIRED, parts, 2,
                            fmin(0, paired - apart) * (root * root / (1 + root * root)), &own, arena, error);
}

/* Widens the evidence of the paired influence. */
static int step(const struct mlg_call *call, const struct mlg_view *view, const struct mlg_evidence *ours,
                const struct mlg_evidence *theirs, double range, struct mlg_evidence *evidence,
                struct mlg_error *error)
{
    const double width = (evidence->maximum - evidence->minimum) / 2;
    const double rows = rows_at_stake(view, ours, theirs, range, width);
    if (!(rows >= 2)) {
        evidence->kind = MLG_VALUE_ONLY;
        evidence->method = MLG_METHOD_NONE;
        mlg_family_bare(evidence, "one row alone has no interval");
        return MLG_OK;
    }
    /* Bounds are those of answers that agree on all rows, of which not all are at stake. */
    const bool agree = evidence->kind == MLG_BOUNDS && !view->scan->weighted;
    if ((evidence->kind != MLG_NORMAL && !agree) || !isfinite(width))
        return MLG_OK;
    struct steps *steps = MLG_NEW(view->scratch, struct steps);
    if (!steps)
        return mlg_error_set(error, MLG_LIMIT, "no memory for the bounds of a difference");
    steps->evidence = *evidence;
    if (agree)
        steps->evidence.standard_error = 0;
    steps->rows = rows / width;
    evidence->kind = MLG_BOUNDS;
    evidence->bounds = step_bounds;
    evidence->state = steps;
    return is_by_answer(call->inner->metric) && ours->kind == MLG_PROPORTION && theirs->kind == MLG_PROPORTION
               ? enclose_proportions(ours, theirs, rows, evidence, view->scratch, error)
               : MLG_OK;
}

static int pair(const struct mlg_call *call, const struct mlg_view *view, const double *difference,
                struct mlg_evidence *evidence, struct mlg_error *error)
{
    const double width = evidence->maximum - evidence->minimum;
    const bool apart = by_class(call->inner->metric);
    struct pairs pairs;
    double variance;
    if (!sum_pairs(view, difference, apart, &pairs))
        return mlg_error_set(error, MLG_LIMIT, "no memory to compare rows");
    if (!pairs.several) {
        mlg_family_note(evidence, "one row alone has no interval");
        return MLG_OK;
    }
    if (!(pairs.variance > 0)) {
        if (isfinite(width))
            return mlg_family_no_difference(evidence, MLG_METHOD_PAIRED, mlg_family_effective(&pairs.uneven),
                                            view->scratch, error);
        mlg_family_note(evidence, "both have the same value on every row: nothing is known of the spread");
        return MLG_OK;
    }
    if (!mlg_family_variance(&pairs.uneven, &variance)) {
        mlg_family_note(evidence, "one row has most of the weight: nothing is known of the spread");
        return MLG_OK;
    }
    evidence->kind = MLG_NORMAL;
    evidence->method = MLG_METHOD_PAIRED;
    evidence->standard_error = sqrt(apart ? pairs.variance : variance);
    evidence->degrees = mlg_family_degrees(&pairs.uneven);
    evidence->skewness = pairs.skewness;
    return MLG_OK;
}

/* The inner metric on the baseline's answers to the rows of the slice. */
static int evaluate_baseline(const struct mlg_call *call, const struct mlg_view *view,
                             struct mlg_evidence *evidence, double *influence, struct mlg_error *error)
{
    struct mlg_view other = *view;
    other.scan = view->baseline;
    other.baseline = NULL;
    other.ranked = NULL;
    return call->inner->metric->evaluate(call->inner, &other, evidence, influence, error);
}

int mlg_family_delta(const struct mlg_call *call, struct mlg_view *view, const struct mlg_pair_names *names,
                     struct mlg_evidence *evidence, double *influence, struct mlg_error *error)
{
    struct mlg_evidence ours, theirs;
    size_t count = 0;
    mlg_family_begin(call, evidence);
    if (!view->baseline)
        return mlg_evidence_undefined(evidence, "no baseline to compare with");
    mlg_scan_rows(view->scan, view->slicing, view->slice, &count);
    double *of_ours = influence ? influence : MLG_NEW_ARRAY(view->scratch, double, count + 1);
    double *of_theirs = MLG_NEW_ARRAY(view->scratch, double, count + 1);
    if (!of_ours || !of_theirs)
        return mlg_error_set(error, MLG_LIMIT, "no memory to compare %zu rows", count);
    mlg_family_begin(call->inner, &ours);
    mlg_family_begin(call->inner, &theirs);
    int code = call->inner->metric->evaluate(call->inner, view, &ours, of_ours, error);
    if (code == MLG_OK)
        code = evaluate_baseline(call, view, &theirs, of_theirs, error);
    if (code != MLG_OK)
        return code;
    evidence->n = ours.n;
    if (ours.kind == MLG_UNDEFINED)
        return mlg_evidence_undefined(evidence, "the %s's %s: %.200s", names->ours, call->inner->metric->name,
                                      ours.reason);
    if (theirs.kind == MLG_UNDEFINED)
        return mlg_evidence_undefined(evidence, "the %s's %s: %.200s", names->theirs,
                                      call->inner->metric->name, theirs.reason);
    evidence->value = ours.value - theirs.value;
    if (!mlg_family_subtract(&ours, &theirs, evidence, view->scratch))
        return mlg_error_set(error, MLG_LIMIT, "no memory to compare two values");
    evidence->minimum = ours.minimum - ours.maximum;
    evidence->maximum = ours.maximum - ours.minimum;
    if ((ours.kind == MLG_VALUE_ONLY && ours.method == MLG_METHOD_NONE) ||
        (theirs.kind == MLG_VALUE_ONLY && theirs.method == MLG_METHOD_NONE)) {
        const char *note = ours.note[0] ? ours.note : theirs.note;
        if (note[0])
            mlg_family_note(evidence, "%s", note);
        mlg_family_bare(evidence, "%s", ours.reason[0] ? ours.reason : theirs.reason);
        return MLG_OK;
    }
    if (is_accuracy(call->inner->metric) && !view->scan->weighted && !view->scan->clustered)
        return tango(call, view, names, evidence, error);
    const double range = fmax(range_of(of_ours, count), range_of(of_theirs, count));
    for (size_t i = 0; i < count; i++)
        of_ours[i] -= of_theirs[i];
    code = pair(call, view, of_ours, evidence, error);
    return code == MLG_OK && is_of_counts(call->inner->metric)
               ? step(call, view, &ours, &theirs, range, evidence, error)
               : code;
}

static int delta_evaluate(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                          double *influence, struct mlg_error *error)
{
    static const struct mlg_pair_names names = {"candidate", "baseline", false};
    return mlg_family_delta(call, view, &names, evidence, influence, error);
}

/* ---- rows --------------------------------------------------------------------------------------- */

static const char *const only_metric[] = {"metric", NULL};

const struct mlg_metric mlg_metric_constant_score = {
    .name = "constant_score",
    .about = "what the best constant answer gets on the same rows: a model has to do better",
    .definition =
        "constant_score(METRIC, its arguments): the metric's best value over answers that are the same "
        "for every row: one class, the base rates, or the mean label; of mcc, which no constant answer has, "
        "the 0 of answers at random. What a constant answer makes perfect (recall, specificity, fpr, fnr) is "
        "not compared with it in reports: every limit would be vacuous",
    .undefined_when = "the metric is undefined for all constant answers",
    .source = "scikit-learn DummyClassifier and DummyRegressor, the best strategy",
    .arguments = only_metric,
    .required_argument = "metric",
    .direction = MLG_NO_DIRECTION,
    .minimum = -(double)INFINITY,
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_NONE,
    .evaluate = constant_evaluate,
    .check = constant_check,
};

const struct mlg_metric mlg_metric_delta = {
    .name = "delta",
    .about = "the candidate's value less the baseline's, on the same rows",
    .definition =
        "delta(METRIC, its arguments) = METRIC(candidate) - METRIC(baseline); rows are paired by id, so "
        "that rows which both have right or wrong do not widen the interval",
    .undefined_when = "the metric is undefined for the candidate or for the baseline",
    .source = "accuracy: Tango 1998; others: paired differences of influence values",
    .arguments = only_metric,
    .required_argument = "metric",
    .direction = MLG_NO_DIRECTION,
    .minimum = -(double)INFINITY,
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_PAIRED,
    .evaluate = delta_evaluate,
    .check = delta_check,
};
