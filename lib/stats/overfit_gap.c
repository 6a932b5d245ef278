/* overfit_gap: how far the train score lies above the held-out one.
 *
 * The score on the rows that a model was fitted to is a property of that model: it has no sampling error.
 * What is not known is the score on all the rows that the held-out ones stand for, so the gap's bounds are
 * those of the held-out score, turned over. Only where the train file is itself a random part of what the
 * model was fitted to (train_is_sample) are there two samples. */
#include <math.h>
#include <string.h>

#include "comparison.h"
#include "mlgate/contrast.h"
#include "overfit_private.h"

/* ---- plan ---------------------------------------------------------------------------------------- */

/* The call for the train source: the indices of its accumulators are its own. */
static int gap_plan(struct mlg_call *call, struct mlg_overfit_planning *planning, void **state,
                    struct mlg_error *error)
{
    struct mlg_call *train = MLG_NEW(planning->arena, struct mlg_call);
    if (!train)
        return mlg_error_set(error, MLG_LIMIT, "no memory to plan a gap");
    *train = *call->inner;
    *state = train;
    /* The inner call was made by mlg_overfit_resolve, together with this one. */
    const int code = mlg_call_plan((struct mlg_call *)call->inner, planning->held_out, error);
    return code == MLG_OK && planning->train ? mlg_call_plan(train, planning->train, error) : code;
}

/* ---- bounds -------------------------------------------------------------------------------------- */

#define ROUNDING 1e-9

struct gap_state {
    struct mlg_evidence held_out, train; /* of train the value alone counts, but for two samples */
    int method;                          /* interval: */
    double sign;                         /* of train - held-out */
    bool two_samples, relative;
};

/* A gap is judged by one bound, so that what holds for both together is not enough: under auto it is more
 * careful than METRIC's own interval. All constants are from docs/overfit-simulation.md. */
static bool is_careful(int method)
{
    return method == MLG_METHOD_COUNT;
}

/* Wilson's limit is short on the side of few errors, and by chance on either; exact limits never are. */
static int method_for(const struct mlg_evidence *evidence, int method)
{
    const bool exact = is_careful(method) && evidence->kind == MLG_PROPORTION;
    return exact ? MLG_METHOD_CLOPPER_PEARSON : method;
}

static struct mlg_limits limits_of(const struct mlg_evidence *evidence, double confidence, int method,
                                   double multiplier)
{
    const struct mlg_bounds bounds =
        mlg_interval(evidence, confidence, method_for(evidence, method), multiplier);
    if (!bounds.known)
        return (struct mlg_limits){evidence->value, -(double)INFINITY, (double)INFINITY};
    return (struct mlg_limits){evidence->value, bounds.lower, bounds.upper};
}

static struct mlg_rate rate_of(const struct mlg_evidence *evidence, double multiplier)
{
    return (struct mlg_rate){(double)evidence->numerator * multiplier,
                             (double)evidence->denominator * multiplier};
}

/* How two samples are combined. */
static enum mlg_method pair_method(const struct gap_state *gap, double multiplier)
{
    if (gap->held_out.kind != MLG_PROPORTION || gap->train.kind != MLG_PROPORTION ||
        gap->method != MLG_METHOD_COUNT)
        return MLG_METHOD_MOVER;
    if (mlg_pair_is_small(rate_of(&gap->train, 1), rate_of(&gap->held_out, multiplier)))
        return MLG_METHOD_MOVER_CLOPPER_PEARSON;
    return gap->relative ? MLG_METHOD_KOOPMAN : MLG_METHOD_NEWCOMBE;
}

static int own_method(const struct gap_state *gap, enum mlg_method pair)
{
    return pair == MLG_METHOD_MOVER_CLOPPER_PEARSON ? MLG_METHOD_CLOPPER_PEARSON : gap->method;
}

/* train - held-out. More rows are more held-out rows. */
static struct mlg_limits difference(const struct gap_state *gap, double confidence, double multiplier)
{
    const double train = gap->train.value;
    if (!gap->two_samples) {
        const struct mlg_limits held_out = limits_of(&gap->held_out, confidence, gap->method, multiplier);
        return (struct mlg_limits){train - held_out.value, train - held_out.upper, train - held_out.lower};
    }
    const enum mlg_method pair = pair_method(gap, multiplier);
    if (pair == MLG_METHOD_NEWCOMBE)
        return mlg_newcombe(rate_of(&gap->train, 1), rate_of(&gap->held_out, multiplier), confidence);
    return mlg_mover_difference(limits_of(&gap->train, confidence, own_method(gap, pair), 1),
                                limits_of(&gap->held_out, confidence, own_method(gap, pair), multiplier));
}

/* held-out / train, both of one sign. */
static struct mlg_limits ratio(const struct gap_state *gap, double confidence, double multiplier)
{
    const double train = gap->train.value;
    if (!gap->two_samples) {
        const struct mlg_limits held_out = limits_of(&gap->held_out, confidence, gap->method, multiplier);
        const double lower = held_out.lower / train, upper = held_out.upper / train;
        return (struct mlg_limits){held_out.value / train, fmin(lower, upper), fmax(lower, upper)};
    }
    const enum mlg_method pair = pair_method(gap, multiplier);
    if (pair == MLG_METHOD_KOOPMAN)
        return mlg_koopman(rate_of(&gap->held_out, multiplier), rate_of(&gap->train, 1), confidence);
    struct mlg_limits below = limits_of(&gap->train, confidence, own_method(gap, pair), 1);
    below.lower = fmax(below.lower, 0); /* what may be on either side of 0 bounds no ratio */
    return mlg_mover_ratio(limits_of(&gap->held_out, confidence, own_method(gap, pair), multiplier), below);
}

static int gap_bounds(const void *state, double confidence, double multiplier, double *lower, double *upper)
{
    const struct gap_state *gap = state;
    struct mlg_limits limits;
    double sign = gap->sign;
    if (gap->relative) {
        /* (train - held-out) / |train| = +-(1 - held-out / train) */
        const struct mlg_limits quotient = ratio(gap, confidence, multiplier);
        limits = (struct mlg_limits){1 - quotient.value, 1 - quotient.upper, 1 - quotient.lower};
        sign = gap->train.value < 0 ? -sign : sign;
    } else
        limits = difference(gap, confidence, multiplier);
    *lower = sign > 0 ? limits.lower : -limits.upper;
    *upper = sign > 0 ? limits.upper : -limits.lower;
    return isnan(*lower) || isnan(*upper);
}

/* ---- evaluate ------------------------------------------------------------------------------------ */

static enum mlg_method method_of(const struct gap_state *gap, double confidence)
{
    return gap->two_samples
               ? pair_method(gap, 1)
               : mlg_interval(&gap->held_out, confidence, method_for(&gap->held_out, gap->method), 1).method;
}

static int evaluate(const struct mlg_call *call, struct mlg_view *view, const struct gap_state *gap,
                    struct mlg_evidence *evidence, struct mlg_error *error)
{
    const int code = mlg_call_evaluate(call, view, evidence, error);
    return code == MLG_OK && is_careful(gap->method) ? mlg_family_parts_exact(evidence, view->scratch, error)
                                                     : code;
}

static bool has_interval(const struct mlg_evidence *evidence, double confidence, int method)
{
    return mlg_interval(evidence, confidence, method, 1).known;
}

/* Of counts held-out / train - 1, or the opposite of that, is exact. */
static void set_quotient(const struct gap_state *gap, struct mlg_evidence *evidence, struct mlg_arena *arena)
{
    const struct mlg_evidence *train = &gap->train, *held_out = &gap->held_out;
    const struct mlg_fraction one = {held_out->numerator, held_out->denominator};
    const struct mlg_fraction other = {train->numerator, train->denominator};
    struct mlg_fractions *fractions = mlg_arena_alloc(arena, 1, sizeof *fractions + sizeof *fractions->terms);
    if (!fractions || one.denominator == 0 || other.denominator == 0)
        return;
    *fractions = (struct mlg_fractions){.count = 1, .less = 1, .divisor = 1, .negated = gap->sign > 0};
    if (!mlg_fraction_ratio(one, other, fractions->terms))
        return;
    evidence->value = mlg_fractions_value(fractions);
    evidence->fractions = fractions;
}

static void set_value(const struct gap_state *gap, struct mlg_evidence *evidence, struct mlg_arena *arena)
{
    const struct mlg_evidence *train = &gap->train, *held_out = &gap->held_out;
    evidence->value = gap->sign * (train->value - held_out->value);
    if (gap->relative) {
        evidence->value /= fabs(train->value);
        set_quotient(gap, evidence, arena);
    } else if (gap->sign > 0)
        mlg_family_subtract(train, held_out, evidence, arena);
    else
        mlg_family_subtract(held_out, train, evidence, arena);
}

/* A mean loss of few train rows has an error that is the larger of the two, and long-tailed losses show
 * little of their tail in few rows: docs/overfit-simulation.md. */
static bool says_too_little(const struct mlg_call *inner, const struct gap_state *gap)
{
    enum { ENOUGH_ROWS = 100, FEWER = 2 };
    return gap->two_samples && inner->metric->method == MLG_METHOD_T_HALL && gap->train.n < ENOUGH_ROWS &&
           gap->train.n * FEWER <= gap->held_out.n;
}

/* False: told in `evidence`, which has the reason. */
static bool has_bounds(const struct mlg_overfit_view *view, const struct mlg_call *inner,
                       const struct gap_state *gap, struct mlg_evidence *evidence)
{
    const struct mlg_evidence *held_out = &gap->held_out, *train = &gap->train;
    const struct mlg_evidence *bare =
        !has_interval(held_out, view->confidence, gap->method)                    ? held_out
        : gap->two_samples && !has_interval(train, view->confidence, gap->method) ? train
                                                                                  : NULL;
    if (bare)
        mlg_family_bare(evidence, "%s", bare->reason);
    else if (gap->relative && gap->two_samples && !(held_out->value >= 0 && train->value > 0))
        mlg_family_bare(evidence, "a ratio of two samples has an interval where both values are above 0; "
                                  "judge the gap instead");
    else if (held_out->classes < train->classes)
        mlg_family_bare(evidence,
                        "train has rows of %llu classes and the held-out source of %llu, which the means "
                        "over classes do not have in common",
                        (unsigned long long)train->classes, (unsigned long long)held_out->classes);
    else if (says_too_little(inner, gap))
        mlg_family_bare(
            evidence,
            "a sample of %llu train %s says too little of a mean; give 100 or more, or as many as held-out "
            "ones",
            (unsigned long long)train->n, mlg_plural(train->n, "row", "rows"));
    else
        return true;
    return false;
}

static void tell_carriers(const struct gap_state *gap, struct mlg_evidence *evidence)
{
    const double many = 1 / (gap->held_out.skewness * gap->held_out.skewness);
    if (gap->method != MLG_METHOD_T && many < MLG_FEW_CARRIERS)
        mlg_family_note(evidence, "about %.0f of %llu %s carry the mean, so the interval is wide",
                        fmax(1, many), (unsigned long long)gap->held_out.n,
                        gap->held_out.of_queries ? "queries" : "rows");
}

static int compare(const struct mlg_overfit_view *view, const struct mlg_call *inner, struct gap_state *gap,
                   struct mlg_evidence *evidence, struct mlg_arena *arena)
{
    const struct mlg_evidence *held_out = &gap->held_out;
    set_value(gap, evidence, arena);
    evidence->n = held_out->n;
    evidence->of_queries = held_out->of_queries;
    memcpy(evidence->note, held_out->note, sizeof evidence->note);
    if (!has_bounds(view, inner, gap, evidence))
        return MLG_OK;
    tell_carriers(gap, evidence);
    evidence->kind = MLG_BOUNDS;
    evidence->method = method_of(gap, view->confidence);
    evidence->bounds = gap_bounds;
    evidence->state = gap;
    return MLG_OK;
}

/* A model that is proven better on rows that it has not seen was given the two the wrong way round, or has
 * seen them. */
static void note_better(const struct mlg_overfit_view *view, const struct gap_state *gap,
                        const struct mlg_evidence *evidence, struct mlg_overfit_outcome *outcome)
{
    double lower, upper;
    if (evidence->kind == MLG_BOUNDS && gap_bounds(gap, view->confidence, 1, &lower, &upper) == 0 &&
        upper < 0)
        mlg_overfit_note(outcome,
                         "held-out is proven better than train: were the two swapped, or do held-out "
                         "rows leak into the training?");
}

static int gap_evaluate(const struct mlg_call *call, void *state, struct mlg_overfit_view *view,
                        struct mlg_evidence *evidence, struct mlg_overfit_outcome *outcome,
                        struct mlg_error *error)
{
    struct mlg_arena *arena = view->held_out.scratch;
    struct gap_state *gap = MLG_NEW(arena, struct gap_state);
    const char *name = call->inner->metric->name;
    if (!gap)
        return mlg_error_set(error, MLG_LIMIT, "no memory for a gap");
    mlg_family_begin(call, evidence);
    gap->method = view->method;
    gap->sign = mlg_overfit_sign(call->inner);
    gap->two_samples = view->options->train_is_sample;
    gap->relative = strcmp(call->metric->name, "relative_gap") == 0;
    int code = evaluate(call->inner, &view->held_out, gap, &gap->held_out, error);
    if (code != MLG_OK)
        return code;
    mlg_overfit_range(call, view->held_out.scan->data, &evidence->minimum, &evidence->maximum);
    evidence->n = gap->held_out.n;
    if (gap->held_out.kind == MLG_UNDEFINED)
        return mlg_evidence_undefined(evidence, "%s of the held-out rows: %.200s", name,
                                      gap->held_out.reason);
    mlg_overfit_part(outcome, "held_out", gap->held_out.value);
    if (view->train_missing)
        return mlg_evidence_undefined(evidence, "%.240s", view->train_missing);
    code = evaluate(state, &view->train, gap, &gap->train, error);
    if (code != MLG_OK)
        return code;
    if (gap->train.kind == MLG_UNDEFINED)
        return mlg_evidence_undefined(evidence, "%s of the train rows: %.200s", name, gap->train.reason);
    outcome->part_count = 0;
    mlg_overfit_part(outcome, "train", gap->train.value);
    mlg_overfit_part(outcome, "held_out", gap->held_out.value);
    outcome->advice =
        "regularise the model, stop its training earlier, or fit it on more rows; gain_over_simple and "
        "gain_over_dummy tell what it is worth on new rows, domain_auc whether these are of another kind";
    /* A loss of 2e-16 is the rounding of 0, and a share of it says nothing. */
    if (gap->relative && !(fabs(gap->train.value) > ROUNDING * fabs(gap->held_out.value)))
        return mlg_evidence_undefined(evidence,
                                      "the train score is %s, which nothing can be a share of; gap(%s) is "
                                      "defined",
                                      fabs(gap->train.value) > 0 ? "0 but for rounding" : "0", name);
    code = compare(view, call->inner, gap, evidence, arena);
    note_better(view, gap, evidence, outcome);
    return code;
}

static void relative_range(const struct mlg_call *call, const struct mlg_data *data, double *minimum,
                           double *maximum)
{
    mlg_call_range(call->inner, data, minimum, maximum);
    /* 1 - held-out / train of what is never negative, or the opposite of that */
    const bool never_negative = *minimum >= 0, more = call->inner->metric->direction == MLG_HIGHER_IS_BETTER;
    *maximum = never_negative && more ? 1 : (double)INFINITY;
    *minimum = never_negative && !more ? -1 : -(double)INFINITY;
}

/* ---- rows ---------------------------------------------------------------------------------------- */

static const char *const only_metric[] = {"metric", NULL};

#define GAP                                                                                                  \
    .arguments = only_metric, .params = mlg_overfit_params, .required_argument = "metric",                   \
    .direction = MLG_LOWER_IS_BETTER, .check = mlg_overfit_directed, .method = MLG_METHOD_NONE,              \
    MLG_OVERFIT_KERNEL(.needs = MLG_NEEDS_TRAIN, .by_slice = true, .plan = gap_plan,                         \
                       .evaluate = gap_evaluate)

const struct mlg_metric mlg_overfit_gap = {
    .name = "gap",
    .about = "how much better the model is on the rows that it was fitted to than on held-out ones",
    .definition =
        "gap(METRIC, its arguments) = METRIC(train) - METRIC(held-out) where more is better, else "
        "METRIC(held-out) - "
        "METRIC(train): positive means overfitting. The train score is a constant of the fitted "
        "model, so the "
        "interval is that of the held-out score; with train_is_sample both are samples. To choose "
        "a limit: with n "
        "held-out rows the bound of an accuracy near p lies about 1.64 sqrt(p (1 - p) / n) above "
        "the gap (0.90: "
        "0.049 with 100 rows, 0.016 with 1,000, 0.005 with 10,000). A check passes where the measured "
        "gap is smaller than its limit by so much; a limit one and a half times that above the "
        "true gap passes in four of five runs",
    .undefined_when = "METRIC is undefined on either, or train has no rows of the slice",
    .source =
        "the bounds of METRIC's interval, of counts Clopper and Pearson's; of means wider where few rows "
        "carry them, of average precision by its bias (Bestgen 2015); two samples: Newcombe 1998, else "
        "Zou and Donner 2008 (of small counts from Clopper and Pearson's limits)",
    .range = mlg_overfit_difference_range,
    .minimum = -(double)INFINITY,
    .maximum = (double)INFINITY,
    GAP,
};

const struct mlg_metric mlg_overfit_relative_gap = {
    .name = "relative_gap",
    .about = "the gap as a share of the train score",
    .definition = "gap(METRIC) / |METRIC(train)|",
    .undefined_when =
        "METRIC is undefined on either, train has no rows of the slice, or the train score is 0",
    .source = "the bounds of gap(METRIC); two samples: Koopman 1984, else Donner and Zou 2012 (of "
              "small counts from "
              "Clopper and Pearson's limits)",
    .range = relative_range,
    .minimum = -(double)INFINITY,
    .maximum = (double)INFINITY,
    GAP,
};
