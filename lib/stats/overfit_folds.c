/* overfit_folds: predictions of cross-validation, fold by fold.
 *
 * Folds are groups of rows, so what is asked of groups is asked of them (disparity.h): how far the best and
 * the worst lie apart, and how good the worst is. The mean gap over folds has few values, and folds share
 * training rows, so that no estimate of its variance is right for all learners (Bengio and Grandvalet 2004).
 * That of Nadeau and Bengio (2003, Machine Learning 52:239) is on the safe side here: a hard row makes the
 * held-out score of its own fold low, and the train scores of all others, so that the mean gap varies much
 * less than the gaps of folds. docs/overfit-simulation.md has how often the bounds are wrong. */
#include <math.h>
#include <string.h>

#include "mlgate/disparity.h"
#include "mlgate/distribution.h"
#include "overfit_private.h"

/* ---- plan ---------------------------------------------------------------------------------------- */

struct folds_state {
    size_t held_out, train;      /* slicings */
    struct mlg_call *train_call; /* fold_gap */
    struct mlg_call disparity;   /* fold_spread, fold_worst */
};

static int fold_slicing(struct mlg_plan *plan, const struct mlg_data *data, struct mlg_arena *arena,
                        size_t *index, struct mlg_error *error)
{
    struct mlg_slicing *slicing = MLG_NEW(arena, struct mlg_slicing);
    if (!slicing)
        return mlg_error_set(error, MLG_LIMIT, "no memory to plan folds");
    if (!data->fold)
        return mlg_error_set(error, MLG_CONFIG, "'%s' names no column of folds; add %s%s", data->name,
                             mlg_data_option(data, "fold", "COLUMN").text, mlg_data_where(data).text);
    *slicing =
        (struct mlg_slicing){.written = data->fold, .columns = {data->fold}, .column_count = 1, .of = "fold"};
    const int found = mlg_plan_slicing(plan, slicing, error);
    *index = found < 0 ? 0 : (size_t)found;
    return found < 0 ? (int)error->code : MLG_OK;
}

static int start(struct mlg_overfit_planning *planning, struct folds_state **state, struct mlg_error *error)
{
    *state = MLG_NEW(planning->arena, struct folds_state);
    if (!*state)
        return mlg_error_set(error, MLG_LIMIT, "no memory to plan folds");
    return fold_slicing(planning->held_out, planning->held_out_data, planning->arena, &(*state)->held_out,
                        error);
}

static int gap_plan(struct mlg_call *call, struct mlg_overfit_planning *planning, void **state,
                    struct mlg_error *error)
{
    struct folds_state *folds;
    int code = start(planning, &folds, error);
    if (code != MLG_OK)
        return code;
    *state = folds;
    folds->train_call = MLG_NEW(planning->arena, struct mlg_call);
    if (!folds->train_call)
        return mlg_error_set(error, MLG_LIMIT, "no memory to plan folds");
    *folds->train_call = *call->inner;
    code = mlg_call_plan((struct mlg_call *)call->inner, planning->held_out, error);
    if (code != MLG_OK || !planning->train)
        return code;
    code = mlg_call_plan(folds->train_call, planning->train, error);
    return code == MLG_OK
               ? fold_slicing(planning->train, planning->train_data, planning->arena, &folds->train, error)
               : code;
}

/* METRIC and its arguments as a quantity of groups: fold_spread(f1, average=macro) is
 * f1_difference(average=macro).
 */
static int resolve_groups(const struct mlg_call *call, struct mlg_call *disparity, struct mlg_arena *arena,
                          struct mlg_error *error)
{
    const struct mlg_metric *inner = call->inner->metric;
    const char *ending = strcmp(call->metric->name, "fold_spread") == 0 ? "_difference"
                         : inner->direction == MLG_LOWER_IS_BETTER      ? "_group_max"
                                                                        : "_group_min";
    if (inner->method == MLG_METHOD_EXACT || mlg_metric_takes_metric(inner))
        return mlg_error_set(error, MLG_CONFIG,
                             "'%s' is not compared between folds; a rate, a score or an error is",
                             inner->name);
    const char *name = mlg_arena_format(arena, "%s%s", inner->name, ending), *rate;
    struct mlg_call *part = MLG_NEW(arena, struct mlg_call);
    if (!name || !part)
        return mlg_error_set(error, MLG_LIMIT, "no memory to plan folds");
    *part = *call->inner;
    *disparity = (struct mlg_call){.metric = mlg_disparity_find(name, arena, &rate),
                                   .arguments = mlg_metric_arguments_defaults,
                                   .parts = part,
                                   .part_count = 1};
    disparity->arguments.metric = inner->name;
    return disparity->metric ? MLG_OK : mlg_error_set(error, MLG_INTERNAL, "no quantity is named '%s'", name);
}

static int groups_plan(struct mlg_call *call, struct mlg_overfit_planning *planning, void **state,
                       struct mlg_error *error)
{
    struct folds_state *folds;
    int code = start(planning, &folds, error);
    *state = folds;
    if (code == MLG_OK)
        code = resolve_groups(call, &folds->disparity, planning->arena, error);
    return code == MLG_OK ? mlg_disparity_plan(&folds->disparity, planning->held_out, error) : code;
}

/* ---- fold_spread, fold_worst --------------------------------------------------------------------- */

/* The folds of a scan; a reason where there are too few. */
static const struct mlg_slices *folds_of(const struct mlg_scan *scan, size_t slicing,
                                         struct mlg_evidence *evidence)
{
    const struct mlg_slices *folds = &scan->slicings[slicing];
    if (folds->count < 2) {
        mlg_evidence_undefined(evidence,
                               "the column '%s' of '%s' has one fold; cross-validation has two or more",
                               scan->data->fold, scan->data->name);
        return NULL;
    }
    if (!folds->items[folds->count - 1].values[0]) {
        mlg_evidence_undefined(
            evidence, "%llu %s of '%s' %s no fold in the column '%s'",
            (unsigned long long)folds->items[folds->count - 1].rows,
            mlg_plural(folds->items[folds->count - 1].rows, "row", "rows"), scan->data->name,
            mlg_plural(folds->items[folds->count - 1].rows, "has", "have"), scan->data->fold);
        return NULL;
    }
    return folds;
}

static int name_folds(const struct mlg_slices *folds, const char *column, struct mlg_group *items,
                      size_t slicing, struct mlg_arena *arena)
{
    for (size_t f = 0; f < folds->count; f++) {
        items[f] = (struct mlg_group){slicing, f,
                                      mlg_arena_format(arena, "%s=%s", column, folds->items[f].values[0])};
        if (!items[f].name)
            return MLG_LIMIT;
    }
    return MLG_OK;
}

/* Of more than two classes groups are compared class by class, and folds by the mean that METRIC is. The call
 * lives as long as the evidence. NULL: no memory. */
static const struct mlg_call *with_average(const struct mlg_call *disparity, const struct mlg_scan *scan,
                                           struct mlg_arena *arena)
{
    struct mlg_call *call = MLG_NEW(arena, struct mlg_call);
    struct mlg_call *parts = MLG_NEW_ARRAY(arena, struct mlg_call, disparity->part_count + 1);
    if (!call || !parts)
        return NULL;
    *call = *disparity;
    call->parts = parts;
    for (size_t p = 0; p < disparity->part_count; p++) {
        parts[p] = disparity->parts[p];
        if (mlg_call_is_macro(&parts[p], scan))
            parts[p].arguments.average = MLG_MACRO;
    }
    return call;
}

static int groups_evaluate(const struct mlg_call *call, void *state, struct mlg_overfit_view *view,
                           struct mlg_evidence *evidence, struct mlg_overfit_outcome *outcome,
                           struct mlg_error *error)
{
    const struct folds_state *folds_state = state;
    struct mlg_arena *arena = view->held_out.scratch;
    mlg_family_begin(call, evidence);
    const struct mlg_slices *folds = folds_of(view->held_out.scan, folds_state->held_out, evidence);
    if (!folds)
        return MLG_OK;
    struct mlg_group *items = MLG_NEW_ARRAY(arena, struct mlg_group, folds->count);
    const struct mlg_call *disparity = with_average(&folds_state->disparity, view->held_out.scan, arena);
    if (!items || !disparity ||
        name_folds(folds, view->held_out.scan->data->fold, items, folds_state->held_out, arena) != MLG_OK)
        return mlg_error_set(error, MLG_LIMIT, "no memory for folds");
    const struct mlg_groups groups = {.items = items,
                                      .count = folds->count,
                                      .reference = -1,
                                      .method = view->method,
                                      .comparator = view->check->comparator,
                                      .limit = view->check->limit.value};
    struct mlg_outcome found = {0};
    int code = mlg_disparity_evaluate(disparity, &view->held_out, &groups, evidence, &found, error);
    if (code != MLG_OK || evidence->kind == MLG_UNDEFINED || found.part_count != 1)
        return code;
    size_t worst = 0, best = 0;
    const double sign = mlg_overfit_sign(call->inner);
    for (size_t f = 1; f < folds->count; f++) {
        worst = sign * found.parts[0][f].value < sign * found.parts[0][worst].value ? f : worst;
        best = sign * found.parts[0][f].value > sign * found.parts[0][best].value ? f : best;
    }
    mlg_overfit_part(outcome, "worst", found.parts[0][worst].value);
    mlg_overfit_part(outcome, "best", found.parts[0][best].value);
    mlg_overfit_note(outcome, worst == best
                                  ? mlg_arena_format(arena, "all %zu folds have the same value", folds->count)
                                  : mlg_arena_format(arena, "of %zu folds the worst is %s and the best %s",
                                                     folds->count, items[worst].name, items[best].name));
    outcome->advice = mlg_arena_format(
        arena, "look at the rows of %s: folds of a stable model differ by chance alone", items[worst].name);
    return MLG_OK;
}

/* ---- fold_gap ------------------------------------------------------------------------------------ */

struct mean_state {
    double mean, error, degrees;
};

/* More rows do not add folds. */
static int mean_bounds(const void *state, double confidence, double multiplier, double *lower, double *upper)
{
    const struct mean_state *mean = state;
    const double half = mlg_t_quantile(confidence, mean->degrees) * mean->error;
    *lower = mean->mean - half;
    *upper = mean->mean + half;
    return multiplier > 1 || multiplier < 1;
}

/* The value of one fold; false: told in `evidence`, or *code is not MLG_OK. */
static bool value_of(const struct mlg_call *call, struct mlg_view *view, const char *of, const char *fold,
                     struct mlg_evidence *evidence, double *value, int *code, struct mlg_error *error)
{
    struct mlg_evidence own = {0};
    view->ranked = NULL;
    *code = mlg_call_evaluate(call, view, &own, error);
    if (*code == MLG_OK && own.kind == MLG_UNDEFINED)
        mlg_evidence_undefined(evidence, "%s of fold %s (%s): %.150s", call->metric->name, fold, of,
                               own.reason);
    *value = own.value;
    return *code == MLG_OK && own.kind != MLG_UNDEFINED;
}

static size_t find_fold(const struct mlg_slices *folds, const char *name)
{
    size_t f = 0;
    while (f < folds->count && !mlg_text_equal(folds->items[f].values[0], name))
        f++;
    return f;
}

static int lacks_fold(const struct mlg_scan *scan, const char *name, struct mlg_evidence *evidence)
{
    return mlg_evidence_undefined(evidence, "'%s' has no rows of fold %s", scan->data->name, name);
}

enum { ENOUGH_ROWS = 10 };

/* As r2 and its like: at most 1, and of few rows anything below. */
static bool divides_by_spread(const struct mlg_call *call, const struct mlg_data *data)
{
    double minimum, maximum;
    mlg_call_range(call, data, &minimum, &maximum);
    return isinf(minimum) && isfinite(maximum);
}

static int gap_evaluate(const struct mlg_call *call, void *state, struct mlg_overfit_view *view,
                        struct mlg_evidence *evidence, struct mlg_overfit_outcome *outcome,
                        struct mlg_error *error)
{
    struct folds_state *plan = state;
    struct mlg_arena *arena = view->held_out.scratch;
    mlg_family_begin(call, evidence);
    const struct mlg_slices *folds = folds_of(view->held_out.scan, plan->held_out, evidence);
    const struct mlg_slices *others = folds ? folds_of(view->train.scan, plan->train, evidence) : NULL;
    if (!others)
        return MLG_OK;
    mlg_overfit_range(call, view->held_out.scan->data, &evidence->minimum, &evidence->maximum);
    evidence->n = view->held_out.scan->rows;
    double train_sum = 0, held_out_sum = 0, mean = 0, squares = 0;
    size_t worst = 0;
    uint64_t fewest = UINT64_MAX;
    double worst_gap = -(double)INFINITY;
    for (size_t f = 0; f < folds->count; f++) {
        const char *name = folds->items[f].values[0];
        struct mlg_view held_out = view->held_out, train = view->train;
        double of_held_out, of_train;
        int code;
        held_out.slicing = plan->held_out;
        held_out.slice = f;
        train.slicing = plan->train;
        train.slice = find_fold(others, name);
        if (train.slice == others->count)
            return lacks_fold(view->train.scan, name, evidence);
        if (!value_of(call->inner, &held_out, "held-out", name, evidence, &of_held_out, &code, error) ||
            !value_of(plan->train_call, &train, "train", name, evidence, &of_train, &code, error))
            return code;
        const double gap = mlg_overfit_sign(call->inner) * (of_train - of_held_out), before = mean;
        train_sum += of_train;
        held_out_sum += of_held_out;
        mean += (gap - mean) / (double)(f + 1); /* Welford */
        squares += (gap - before) * (gap - mean);
        fewest = folds->items[f].rows < fewest ? folds->items[f].rows : fewest;
        worst = gap > worst_gap ? f : worst;
        worst_gap = fmax(worst_gap, gap);
    }
    for (size_t f = 0; f < others->count; f++)
        if (find_fold(folds, others->items[f].values[0]) == folds->count)
            return lacks_fold(view->held_out.scan, others->items[f].values[0], evidence);
    const double k = (double)folds->count;
    struct mean_state *found = MLG_NEW(arena, struct mean_state);
    if (!found)
        return mlg_error_set(error, MLG_LIMIT, "no memory for folds");
    /* test rows / train rows of k folds is 1 / (k - 1) */
    *found = (struct mean_state){mean, sqrt(squares / (k - 1) * (1 / k + 1 / (k - 1))), k - 1};
    evidence->value = mean;
    mlg_overfit_part(outcome, "train", train_sum / k);
    mlg_overfit_part(outcome, "held_out", held_out_sum / k);
    mlg_overfit_part(outcome, "widest", worst_gap);
    mlg_overfit_note(outcome,
                     mlg_arena_format(arena,
                                      "t over %zu folds, which share training rows: the variance is Nadeau "
                                      "and Bengio's; the gap is widest in %s=%s",
                                      folds->count, view->held_out.scan->data->fold,
                                      folds->items[worst].values[0]));
    outcome->advice = mlg_arena_format(arena,
                                       "regularise the model more, or train it on more rows; the gap is "
                                       "widest in %s=%s",
                                       view->held_out.scan->data->fold, folds->items[worst].values[0]);
    if (divides_by_spread(call->inner, view->held_out.scan->data) && fewest < ENOUGH_ROWS) {
        mlg_family_bare(evidence,
                        "%s divides by the spread of the labels, which a fold of %llu %s hardly tells; judge "
                        "mse, or take folds of %d rows or more",
                        call->inner->metric->name, (unsigned long long)fewest,
                        mlg_plural(fewest, "row", "rows"), ENOUGH_ROWS);
        return MLG_OK;
    }
    if (!(found->error > 0)) {
        mlg_family_bare(evidence, "all folds have the same gap: nothing is known of their spread");
        return MLG_OK;
    }
    evidence->kind = MLG_BOUNDS;
    evidence->method = MLG_METHOD_T;
    evidence->bounds = mean_bounds;
    evidence->state = found;
    return MLG_OK;
}

/* ---- rows ---------------------------------------------------------------------------------------- */

static void spread_range(const struct mlg_call *call, const struct mlg_data *data, double *minimum,
                         double *maximum)
{
    mlg_call_range(call->inner, data, minimum, maximum);
    *maximum -= *minimum;
    *minimum = 0;
}

static void worst_range(const struct mlg_call *call, const struct mlg_data *data, double *minimum,
                        double *maximum)
{
    mlg_call_range(call->inner, data, minimum, maximum);
}

static const char *const only_metric[] = {"metric", NULL};

#define FOLDS .arguments = only_metric, .params = mlg_overfit_params, .required_argument = "metric"
#define GROUPS                                                                                               \
    MLG_OVERFIT_KERNEL(.needs = MLG_NEEDS_FOLD | MLG_NEEDS_NO_TRAIN, .plan = groups_plan,                    \
                       .evaluate = groups_evaluate)

const struct mlg_metric mlg_overfit_fold_gap = {
    .name = "fold_gap",
    .about = "the mean over the folds of a cross-validation of how much better the model is on what it was "
             "fitted to",
    .definition =
        "mean over the folds of METRIC(train rows of the fold) - METRIC(held-out rows of the fold), turned "
        "over "
        "where less is better; both sources have the role fold, and a row of train says in which fold's "
        "training "
        "set it stands. The bounds are those of the learner's mean gap over all data sets of this size, and "
        "wider "
        "than they must be, as folds share rows: measured with 5 and 10 folds they are wrong in under 1 % of "
        "data "
        "sets from 300 rows on. r2 and its like have bounds where each fold has 10 rows or more",
    .undefined_when = "METRIC is undefined in a fold, or one of the sources lacks a fold",
    .source = "t over folds with the variance of Nadeau and Bengio 2003: s^2 (1/k + 1/(k - 1))",
    .range = mlg_overfit_difference_range,
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = -(double)INFINITY,
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_T,
    .check = mlg_overfit_directed,
    FOLDS,
    MLG_OVERFIT_KERNEL(.needs = MLG_NEEDS_FOLD | MLG_NEEDS_TRAIN, .plan = gap_plan, .evaluate = gap_evaluate),
};

const struct mlg_metric mlg_overfit_fold_spread = {
    .name = "fold_spread",
    .about = "how far the best and the worst fold of a cross-validation lie apart",
    .definition = "largest less smallest METRIC over the folds",
    .undefined_when = "METRIC is undefined in a fold, or there is one fold",
    .source =
        "every pair of folds as two groups of rows: bounds as of METRIC_difference of the gate fairness",
    .range = spread_range,
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_NEWCOMBE,
    FOLDS,
    GROUPS,
};

const struct mlg_metric mlg_overfit_fold_worst = {
    .name = "fold_worst",
    .about = "how good the model is in the worst fold of a cross-validation",
    .definition = "the smallest METRIC over the folds, or the largest where less is better",
    .undefined_when = "METRIC is undefined in a fold, or there is one fold",
    .source = "bounds as of METRIC_group_min and METRIC_group_max of the gate fairness",
    .range = worst_range,
    .direction = MLG_NO_DIRECTION,
    .minimum = -(double)INFINITY,
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_NONE,
    .check = mlg_overfit_directed,
    FOLDS,
    GROUPS,
};
