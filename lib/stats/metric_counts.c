/* metric_counts: everything that is a function of label x prediction.
 *
 * Three shapes: a ratio of counts, averaged over classes or not; Matthews' correlation; Cohen's kappa. All
 * are homogeneous of degree 0 in the cells, so that with G = d value / d cell the sum of cell * G is 0 and
 *     variance = sum of cell * G^2                                    (multinomial delta method)
 *     variance = n/(n-1) * sum of (sum of w^2 in the cell) * G^2      (weights: linearised)
 *     influence of a row = w * G at its cell.
 *
 * A ratio whose every row is a trial that succeeds or fails is a proportion and told as counts. Where the
 * cells are too small for the delta method (with no error at all its interval has no width) the bounds are
 * quantiles of the value over draws from the cells' Jeffreys posterior. */
#include <math.h>
#include <string.h>

#include "family.h"
#include "mlgate/distribution.h"
#include "mlgate/number.h"
#include "mlgate/text.h"

/* ---- shapes ------------------------------------------------------------------------------------- */

enum shape {
    SHAPE_RATIO,    /* of one class, or of classes averaged as `average` says */
    SHAPE_POOLED,   /* a ratio over all rows, whatever the arguments: accuracy */
    SHAPE_POSITIVE, /* a ratio of one class: the positive one, or class= */
    SHAPE_BALANCED, /* the mean of a ratio over the classes that are labelled */
    SHAPE_MCC,
    SHAPE_KAPPA
};

/* How a row of one class against the rest counts. */
struct parts {
    double tp, fp, fn, tn;
};

struct count_kernel {
    enum shape shape;
    struct parts numerator, denominator;
    bool beta;             /* tp and fn are weighted with beta */
    bool support_cancels;  /* averaged by rows of the class it is the pooled ratio */
    const char *no_trials; /* why the ratio is undefined; takes the class */
};

/* Why a ratio is 0/0. */
static const char labelled_none[] = "no rows are labelled '%s'";
static const char predicted_none[] = "no rows are predicted '%s'";
static const char labelled_all[] = "no rows are labelled other than '%s'";
static const char predicted_all[] = "no rows are predicted other than '%s'";
static const char neither[] = "no rows are labelled or predicted '%s'";

/* What is left of the tally: classes that the value does not tell apart are one. */
enum mode { MODE_SINGLE, MODE_MACRO, MODE_WEIGHTED, MODE_POOLED, MODE_BALANCED, MODE_MCC, MODE_KAPPA };

struct problem {
    const struct mlg_metric *metric;
    enum mode mode;
    struct parts numerator, denominator;
    bool adjusted, needs_tn;
    int kappa; /* enum mlg_kappa_weights */
    const char *no_trials;
    size_t classes;       /* of the cells; with MODE_SINGLE 2: the class and the rest */
    size_t labelled;      /* classes that have labels */
    const size_t *source; /* which of the source's classes it is */
    const char *const *names;
    uint64_t rows;
    bool weighted;
    const uint64_t *count;   /* cells: rows */
    double *cells, *weight2; /* cells: weights, and their squares */
    bool *is_labelled;       /* per class */
};

/* What is known of every class once the value is. */
struct component {
    double value, trials; /* the ratio and its denominator */
    double share;         /* of the value */
    double tp, fp, fn, tn;
};

static double cell(const struct problem *problem, const double *cells, size_t label, size_t prediction)
{
    return cells[label * problem->classes + prediction];
}

static double total_of(const struct parts *parts, const struct component *component)
{
    return parts->tp * component->tp + parts->fp * component->fp + parts->fn * component->fn +
           parts->tn * component->tn;
}

/* One class against the rest. */
static void count_class(const struct problem *problem, const double *cells, size_t class,
                        struct component *component)
{
    const size_t classes = problem->classes;
    *component = (struct component){.tp = cell(problem, cells, class, class)};
    for (size_t other = 0; other < classes; other++) {
        if (other == class)
            continue;
        component->fn += cell(problem, cells, class, other);
        component->fp += cell(problem, cells, other, class);
        if (!problem->needs_tn)
            continue;
        for (size_t prediction = 0; prediction < classes; prediction++)
            if (prediction != class)
                component->tn += cell(problem, cells, other, prediction);
    }
    component->trials = total_of(&problem->denominator, component);
    component->value = total_of(&problem->numerator, component) / component->trials;
}

static double average_components(const struct problem *problem, const double *cells,
                                 struct component *components)
{
    double all = 0, value = 0, labelled = (double)problem->labelled;
    for (size_t i = 0; i < problem->classes * problem->classes; i++)
        all += cells[i];
    for (size_t c = 0; c < (problem->mode == MODE_SINGLE ? 1 : problem->classes); c++) {
        struct component *component = &components[c];
        count_class(problem, cells, c, component);
        const double support = component->tp + component->fn;
        component->share = problem->mode == MODE_SINGLE     ? 1
                           : problem->mode == MODE_MACRO    ? 1 / (double)problem->classes
                           : problem->mode == MODE_WEIGHTED ? support / all
                           : problem->is_labelled[c]        ? 1 / labelled
                                                            : 0;
        if (component->share == 0)
            continue;
        /* The mean of rates divides once: scikit-learn's number to the last bits. */
        value += problem->mode == MODE_SINGLE     ? component->value
                 : problem->mode == MODE_WEIGHTED ? support * component->value
                                                  : component->value;
    }
    if (problem->mode == MODE_MACRO)
        return value / (double)problem->classes;
    if (problem->mode == MODE_WEIGHTED)
        return value / all;
    if (problem->mode != MODE_BALANCED)
        return value;
    value /= labelled;
    return problem->adjusted ? (value - 1 / labelled) / (1 - 1 / labelled) : value;
}

/* All classes' counts added up: what a row adds depends on whether it is right. */
struct pooled {
    double right_numerator, right_denominator, wrong_numerator, wrong_denominator;
};

static struct pooled pool(const struct problem *problem)
{
    const struct parts *up = &problem->numerator, *down = &problem->denominator;
    const double others = (double)problem->classes - 1;
    return (struct pooled){up->tp + others * up->tn, down->tp + others * down->tn,
                           up->fp + up->fn + (others - 1) * up->tn,
                           down->fp + down->fn + (others - 1) * down->tn};
}

static double pooled_value(const struct problem *problem, const double *cells, double *trials)
{
    const struct pooled pooled = pool(problem);
    double right = 0, wrong = 0;
    for (size_t y = 0; y < problem->classes; y++)
        for (size_t p = 0; p < problem->classes; p++)
            *(y == p ? &right : &wrong) += cell(problem, cells, y, p);
    *trials = right * pooled.right_denominator + wrong * pooled.wrong_denominator;
    return (right * pooled.right_numerator + wrong * pooled.wrong_numerator) / *trials;
}

/* ---- Matthews' correlation and Cohen's kappa ----------------------------------------------------- */

struct margins {
    double all, right;
    double *labels, *predictions; /* per class */
};

static void add_margins(const struct problem *problem, const double *cells, struct margins *margins)
{
    margins->all = margins->right = 0;
    for (size_t c = 0; c < problem->classes; c++)
        margins->labels[c] = margins->predictions[c] = 0;
    for (size_t y = 0; y < problem->classes; y++)
        for (size_t p = 0; p < problem->classes; p++) {
            const double weight = cell(problem, cells, y, p);
            margins->all += weight;
            margins->right += y == p ? weight : 0;
            margins->labels[y] += weight;
            margins->predictions[p] += weight;
        }
}

/* s^2 - sum of squares, and c s - sum of products, without cancellation: as sums over pairs of classes. */
static void correlate(const struct problem *problem, const struct margins *margins, double *both,
                      double *predictions, double *labels)
{
    struct mlg_double2 product =
        mlg_double2_multiply(mlg_double2_of(margins->right), mlg_double2_of(margins->all));
    *predictions = *labels = 0;
    for (size_t c = 0; c < problem->classes; c++) {
        const double t = margins->labels[c], p = margins->predictions[c];
        product = mlg_double2_subtract(product, mlg_double2_multiply(mlg_double2_of(t), mlg_double2_of(p)));
        *predictions += p * (margins->all - p);
        *labels += t * (margins->all - t);
    }
    *both = product.high;
}

static double distance(const struct problem *problem, size_t label, size_t prediction)
{
    const double places = (double)problem->source[label] - (double)problem->source[prediction];
    return problem->kappa == MLG_KAPPA_NONE     ? (label == prediction ? 0 : 1)
           : problem->kappa == MLG_KAPPA_LINEAR ? fabs(places)
                                                : places * places;
}

/* Disagreement seen and disagreement by chance, both times the number of rows. */
static void disagree(const struct problem *problem, const double *cells, const struct margins *margins,
                     double *seen, double *chance)
{
    *seen = *chance = 0;
    for (size_t y = 0; y < problem->classes; y++)
        for (size_t p = 0; p < problem->classes; p++) {
            const double weight = distance(problem, y, p);
            *seen += weight * cell(problem, cells, y, p);
            *chance += weight * margins->labels[y] * margins->predictions[p];
        }
    *chance /= margins->all;
}

/* ---- value -------------------------------------------------------------------------------------- */

/* Room for one evaluation. */
struct workspace {
    struct component *components; /* per class */
    struct margins margins;
};

static bool workspace_new(struct workspace *workspace, size_t classes, struct mlg_arena *arena)
{
    workspace->components = MLG_NEW_ARRAY(arena, struct component, classes + 1);
    workspace->margins.labels = MLG_NEW_ARRAY(arena, double, classes + 1);
    workspace->margins.predictions = MLG_NEW_ARRAY(arena, double, classes + 1);
    return workspace->components && workspace->margins.labels && workspace->margins.predictions;
}

static double value_of(const struct problem *problem, const double *cells, struct workspace *workspace)
{
    double a, b, c;
    switch (problem->mode) {
    case MODE_POOLED:
        return pooled_value(problem, cells, &a);
    case MODE_MCC:
        add_margins(problem, cells, &workspace->margins);
        correlate(problem, &workspace->margins, &a, &b, &c);
        return fmax(-1, fmin(1, a / (sqrt(b) * sqrt(c))));
    case MODE_KAPPA:
        add_margins(problem, cells, &workspace->margins);
        disagree(problem, cells, &workspace->margins, &a, &b);
        return 1 - a / b;
    case MODE_SINGLE:
    case MODE_MACRO:
    case MODE_WEIGHTED:
    case MODE_BALANCED:
        break;
    }
    return average_components(problem, cells, workspace->components);
}

/* ---- gradient ----------------------------------------------------------------------------------- */

static void add_ratio_gradient(const struct problem *problem, const struct component *components,
                               double value, double *gradient)
{
    const size_t classes = problem->classes, count = problem->mode == MODE_SINGLE ? 1 : classes;
    const double labelled = (double)problem->labelled;
    const double scale = problem->mode == MODE_BALANCED && problem->adjusted ? 1 / (1 - 1 / labelled) : 1;
    for (size_t c = 0; c < count; c++) {
        const struct component *component = &components[c];
        const struct parts *up = &problem->numerator, *down = &problem->denominator;
        const double factor = scale * component->share / component->trials;
        if (component->share == 0)
            continue;
        const double tp = factor * (up->tp - component->value * down->tp);
        const double fp = factor * (up->fp - component->value * down->fp);
        const double fn = factor * (up->fn - component->value * down->fn);
        const double tn = factor * (up->tn - component->value * down->tn);
        for (size_t y = 0; y < classes; y++)
            for (size_t p = 0; p < classes; p++)
                gradient[y * classes + p] += y == c ? (p == c ? tp : fn) : p == c ? fp : tn;
    }
    if (problem->mode != MODE_WEIGHTED)
        return;
    double all = 0; /* the shares move too */
    for (size_t i = 0; i < classes * classes; i++)
        all += problem->cells[i];
    for (size_t y = 0; y < classes; y++)
        for (size_t p = 0; p < classes; p++)
            if (components[y].share > 0)
                gradient[y * classes + p] += (components[y].value - value) / all;
}

static void add_mcc_gradient(const struct problem *problem, const struct margins *margins, double value,
                             double *gradient)
{
    double both, predictions, labels;
    correlate(problem, margins, &both, &predictions, &labels);
    const double root = sqrt(predictions) * sqrt(labels);
    for (size_t y = 0; y < problem->classes; y++)
        for (size_t p = 0; p < problem->classes; p++) {
            const double to_both =
                (y == p ? margins->all : 0) + margins->right - margins->predictions[y] - margins->labels[p];
            const double to_predictions = 2 * (margins->all - margins->predictions[p]);
            const double to_labels = 2 * (margins->all - margins->labels[y]);
            gradient[y * problem->classes + p] +=
                to_both / root - value / 2 * (to_predictions / predictions + to_labels / labels);
        }
}

static void add_kappa_gradient(const struct problem *problem, const struct margins *margins, double *gradient)
{
    const size_t classes = problem->classes;
    double seen, chance;
    disagree(problem, problem->cells, margins, &seen, &chance);
    /* chance = sum of d(y, p) labels[y] predictions[p] / all: what a label y and a prediction p add to it */
    for (size_t c = 0; c < classes; c++) {
        double as_label = 0, as_prediction = 0;
        for (size_t other = 0; other < classes; other++) {
            as_label += distance(problem, c, other) * margins->predictions[other];
            as_prediction += distance(problem, other, c) * margins->labels[other];
        }
        for (size_t other = 0; other < classes; other++) {
            gradient[c * classes + other] += seen / (chance * chance) * as_label / margins->all;
            gradient[other * classes + c] += seen / (chance * chance) * as_prediction / margins->all;
        }
    }
    for (size_t y = 0; y < classes; y++)
        for (size_t p = 0; p < classes; p++)
            gradient[y * classes + p] -= distance(problem, y, p) / chance + seen / chance / margins->all;
}

/* d value / d cell, after value_of on the problem's own cells. */
static double *gradient_of(const struct problem *problem, const struct workspace *workspace, double value,
                           struct mlg_arena *arena)
{
    const size_t classes = problem->classes;
    double *gradient = MLG_NEW_ARRAY(arena, double, classes *classes);
    if (!gradient)
        return NULL;
    if (problem->mode == MODE_MCC) {
        add_mcc_gradient(problem, &workspace->margins, value, gradient);
    } else if (problem->mode == MODE_KAPPA) {
        add_kappa_gradient(problem, &workspace->margins, gradient);
    } else if (problem->mode == MODE_POOLED) {
        const struct pooled pooled = pool(problem);
        double trials;
        pooled_value(problem, problem->cells, &trials);
        for (size_t y = 0; y < classes; y++)
            for (size_t p = 0; p < classes; p++)
                gradient[y * classes + p] =
                    (y == p ? pooled.right_numerator - value * pooled.right_denominator
                            : pooled.wrong_numerator - value * pooled.wrong_denominator) /
                    trials;
    } else {
        add_ratio_gradient(problem, workspace->components, value, gradient);
    }
    return gradient;
}

/* ---- from a call and a tally to a problem --------------------------------------------------------- */

enum { CLASSES_NAMED = 10 };

static int unknown_class(const struct mlg_call *call, const struct mlg_classes *classes,
                         struct mlg_error *error)
{
    struct mlg_builder names;
    mlg_builder_init(&names, 0);
    for (size_t c = 0; c < classes->count && c < CLASSES_NAMED; c++)
        mlg_put_format(&names, "%s'%.60s'", c ? ", " : "", classes->names[c]);
    if (classes->count > CLASSES_NAMED)
        mlg_put_format(&names, " and %zu more", classes->count - CLASSES_NAMED);
    int code = mlg_error_set(error, MLG_CONFIG, "class '%s' is not among the classes seen: %s",
                             call->arguments.class_name, names.failed ? "" : names.data);
    mlg_builder_free(&names);
    return code;
}

/* Classes that are all numbers are compared as numbers, else as text. */
static int find_class(const struct mlg_call *call, const struct mlg_classes *classes, size_t *class,
                      struct mlg_error *error)
{
    const int64_t found = mlg_class_find(classes, call->arguments.class_name);
    if (found < 0)
        return unknown_class(call, classes, error);
    *class = (size_t)found;
    return MLG_OK;
}

/* Which classes the value looks at, and how; undefined where that cannot be told. */
static int choose_mode(const struct mlg_call *call, const struct mlg_view *view, struct problem *problem,
                       size_t *class, struct mlg_evidence *evidence, struct mlg_error *error)
{
    const struct mlg_classes *classes = &view->scan->classes;
    const struct count_kernel *kernel = call->metric->kernel;
    int average = call->arguments.average;
    *class = SIZE_MAX;
    problem->mode = kernel->shape == SHAPE_MCC        ? MODE_MCC
                    : kernel->shape == SHAPE_KAPPA    ? MODE_KAPPA
                    : kernel->shape == SHAPE_BALANCED ? MODE_BALANCED
                                                      : MODE_POOLED;
    if (kernel->shape != SHAPE_RATIO && kernel->shape != SHAPE_POSITIVE)
        return MLG_OK;
    if (call->arguments.class_name) {
        problem->mode = MODE_SINGLE;
        return find_class(call, classes, class, error);
    }
    if (kernel->shape == SHAPE_POSITIVE)
        average = MLG_BINARY;
    if (average == MLG_AVERAGE_DEFAULT)
        average = classes->count <= 2 ? MLG_BINARY : MLG_MACRO;
    if (average == MLG_BINARY) {
        problem->mode = MODE_SINGLE;
        if (!mlg_family_positive_known(view, evidence))
            return MLG_OK;
        *class = (size_t)classes->positive;
        return MLG_OK;
    }
    problem->mode = average == MLG_MACRO ? MODE_MACRO : average == MLG_WEIGHTED ? MODE_WEIGHTED : MODE_POOLED;
    if (problem->mode == MODE_WEIGHTED && kernel->support_cancels)
        problem->mode = MODE_POOLED;
    return MLG_OK;
}

/* Where the source's classes go: `place`, one per class, is an index among the problem's or SIZE_MAX. */
static void place_classes(struct problem *problem, const struct mlg_tally *tally, size_t class, size_t *place,
                          size_t *source)
{
    const size_t classes = tally->classes;
    if (problem->mode == MODE_SINGLE) {
        for (size_t c = 0; c < classes; c++)
            place[c] = c == class ? 0 : 1;
        source[0] = class;
        source[1] = SIZE_MAX;
        problem->classes = 2;
        return;
    }
    for (size_t c = 0; c < classes; c++)
        place[c] = 0;
    for (size_t y = 0; y < classes; y++)
        for (size_t p = 0; p < classes; p++)
            if (tally->count[y * classes + p])
                place[y] = place[p] = 1;
    for (size_t c = 0; c < classes; c++) {
        if (place[c])
            source[problem->classes] = c;
        place[c] = place[c] ? problem->classes++ : SIZE_MAX;
    }
}

static bool fill_cells(struct problem *problem, const struct mlg_tally *tally, const size_t *place,
                       struct mlg_arena *arena)
{
    const size_t classes = problem->classes;
    uint64_t *count = MLG_NEW_ARRAY(arena, uint64_t, classes * classes + 1);
    problem->cells = MLG_NEW_ARRAY(arena, double, classes *classes + 1);
    problem->weight2 = MLG_NEW_ARRAY(arena, double, classes *classes + 1);
    problem->is_labelled = MLG_NEW_ARRAY(arena, bool, classes + 1);
    if (!count || !problem->cells || !problem->weight2 || !problem->is_labelled)
        return false;
    for (size_t y = 0; y < tally->classes; y++)
        for (size_t p = 0; p < tally->classes; p++) {
            const size_t from = y * tally->classes + p;
            if (!tally->count[from])
                continue;
            const size_t to = place[y] * classes + place[p];
            count[to] += tally->count[from];
            problem->cells[to] += tally->weight ? tally->weight[from] : (double)tally->count[from];
            problem->weight2[to] += tally->weight ? tally->weight2[from] : (double)tally->count[from];
            problem->is_labelled[place[y]] = true;
        }
    for (size_t c = 0; c < classes; c++)
        problem->labelled += problem->is_labelled[c];
    problem->count = count;
    return true;
}

/* Fills `problem`, unless the evidence turns out undefined. `place` is told for the influence of rows. */
static int pose(const struct mlg_call *call, struct mlg_view *view, const struct mlg_tally *tally,
                struct problem *problem, const size_t **places, struct mlg_evidence *evidence,
                struct mlg_error *error)
{
    const struct count_kernel *kernel = call->metric->kernel;
    const double beta2 = call->arguments.beta * call->arguments.beta;
    size_t class;
    *problem = (struct problem){.metric = call->metric,
                                .numerator = kernel->numerator,
                                .denominator = kernel->denominator,
                                .adjusted = call->arguments.adjusted,
                                .kappa = call->arguments.weights,
                                .no_trials = kernel->no_trials,
                                .needs_tn = kernel->numerator.tn > 0 || kernel->denominator.tn > 0,
                                .names = view->scan->classes.names,
                                .rows = tally->rows,
                                .weighted = tally->weight != NULL};
    if (kernel->beta) {
        problem->numerator.tp = problem->denominator.tp = 1 + beta2;
        problem->denominator.fn = beta2;
        if (beta2 == 0)
            problem->no_trials = predicted_none;
    }
    if (tally->rows == 0)
        return mlg_evidence_undefined(evidence, "no rows");
    int code = choose_mode(call, view, problem, &class, evidence, error);
    if (code != MLG_OK || evidence->kind == MLG_UNDEFINED)
        return code;
    size_t *place = MLG_NEW_ARRAY(view->scratch, size_t, tally->classes + 1);
    size_t *source = MLG_NEW_ARRAY(view->scratch, size_t, tally->classes + 2);
    if (!place || !source)
        return mlg_error_set(error, MLG_LIMIT, "no memory to count %zu classes", tally->classes);
    place_classes(problem, tally, class, place, source);
    problem->source = source;
    *places = place;
    if (!fill_cells(problem, tally, place, view->scratch))
        return mlg_error_set(error, MLG_LIMIT, "no memory to count %zu classes", tally->classes);
    return MLG_OK;
}

/* ---- undefined ---------------------------------------------------------------------------------- */

static const char *class_name(const struct problem *problem, size_t class)
{
    const size_t source = problem->source[class];
    return source == SIZE_MAX ? "the rest" : problem->names[source];
}

static int no_trials(const struct problem *problem, size_t class, struct mlg_evidence *evidence)
{
    char why[MLG_REASON_SIZE];
    struct mlg_evidence part = {0};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    mlg_evidence_undefined(&part, problem->no_trials, class_name(problem, class));
#pragma GCC diagnostic pop
    memcpy(why, part.reason, sizeof why);
    bool weightless = false;
    for (size_t i = 0; i < problem->classes * problem->classes; i++)
        weightless = weightless || (problem->count[i] && problem->cells[i] == 0);
    return mlg_evidence_undefined(evidence, "%s%.200s in %llu rows%s",
                                  problem->mode == MODE_SINGLE ? "" : "one class has no value: ", why,
                                  (unsigned long long)problem->rows,
                                  weightless ? " (rows of weight 0 do not count)" : "");
}

/* 0/0 is told by name. Classes without a share do not matter. */
static int refuse_undefined(const struct problem *problem, const struct workspace *workspace,
                            struct mlg_evidence *evidence)
{
    const struct margins *margins = &workspace->margins;
    double all = 0, trials = 0;
    for (size_t i = 0; i < problem->classes * problem->classes; i++)
        all += problem->cells[i];
    if (!(all > 0))
        return mlg_evidence_undefined(evidence, "all weights of the %llu rows are 0",
                                      (unsigned long long)problem->rows);
    switch (problem->mode) {
    case MODE_POOLED:
        pooled_value(problem, problem->cells, &trials);
        return trials > 0 ? MLG_OK : no_trials(problem, 0, evidence);
    case MODE_MCC:
    case MODE_KAPPA:
        for (size_t c = 0; c < problem->classes; c++) {
            const bool labelled = margins->labels[c] == all, predicted = margins->predictions[c] == all;
            if (problem->mode == MODE_MCC ? labelled || predicted : labelled && predicted)
                return mlg_evidence_undefined(evidence, "all %llu rows are %s '%s'",
                                              (unsigned long long)problem->rows,
                                              labelled && predicted ? "labelled and predicted"
                                              : labelled            ? "labelled"
                                                                    : "predicted",
                                              class_name(problem, c));
        }
        return MLG_OK;
    case MODE_SINGLE:
    case MODE_MACRO:
    case MODE_WEIGHTED:
    case MODE_BALANCED:
        break;
    }
    if (problem->mode == MODE_BALANCED && problem->adjusted && problem->labelled < 2)
        return mlg_evidence_undefined(evidence, "all %llu rows have the same label: nothing to adjust for",
                                      (unsigned long long)problem->rows);
    for (size_t c = 0; c < (problem->mode == MODE_SINGLE ? 1 : problem->classes); c++)
        if (workspace->components[c].share > 0 && !(workspace->components[c].trials > 0))
            return no_trials(problem, c, evidence);
    return MLG_OK;
}

/* ---- small cells: the Jeffreys posterior ---------------------------------------------------------- */

enum { DRAWS = 4000, PLANNING_DRAWS = 1000, POSTERIOR_CLASSES = 10, SMALL_CELL = 5 };

/* Counter-based, so that a draw depends on its number and its cell alone: the same bounds on every run and in
 * every thread, and bounds that move smoothly when the counts are scaled. The seed is a constant: an interval
 * is a function of the evidence. (The mixing function is splitmix64's.) */
#define POSTERIOR_SEED UINT64_C(0x6d6c6761746531)

static uint64_t mix(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* In (0, 1). */
static double draw_uniform(uint64_t *state)
{
    *state += UINT64_C(0x9e3779b97f4a7c15);
    return ((double)(mix(*state) >> 11) + 0.5) * 0x1p-53;
}

static double draw_normal(uint64_t *state)
{
    const double two_pi = 6.283185307179586;
    const double radius = sqrt(-2 * log(draw_uniform(state)));
    return radius * cos(two_pi * draw_uniform(state));
}

/* Gamma with scale 1: Marsaglia and Tsang, "A simple method for generating gamma variables" (2000). */
static double draw_gamma(double shape, uint64_t *state)
{
    const double boost = shape < 1 ? pow(draw_uniform(state), 1 / shape) : 1;
    const double d = (shape < 1 ? shape + 1 : shape) - 1. / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        const double x = draw_normal(state), root = 1 + c * x, v = root * root * root,
                     u = draw_uniform(state);
        if (root <= 0)
            continue;
        if (u < 1 - 0.0331 * x * x * x * x || log(u) < 0.5 * x * x + d - d * v + d * log(v))
            return d * v * boost;
    }
}

/* The value that stands at `place` once the values are sorted. */
static double select_value(double *values, ptrdiff_t count, ptrdiff_t place)
{
    ptrdiff_t first = 0, last = count - 1;
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
        if (place <= j)
            last = j;
        else if (place >= i)
            first = i;
        else
            break;
    }
    return values[place];
}

struct posterior {
    struct problem problem;
    double value, minimum, maximum;
};

/* 2J/(1+J) with J = tp/(tp+fp+fn), whose posterior is a beta distribution: no draws are needed for F1. */
static void f1_bounds(const struct problem *problem, double confidence, double multiplier, double *lower,
                      double *upper)
{
    const double right = problem->cells[0] * multiplier + 0.5;
    const double wrong = (problem->cells[1] + problem->cells[2]) * multiplier + 1;
    const double low = mlg_beta_quantile(1 - confidence, right, wrong);
    const double high = mlg_beta_quantile(confidence, right, wrong);
    *lower = 2 * low / (1 + low);
    *upper = 2 * high / (1 + high);
}

static bool is_f1(const struct problem *problem)
{
    return problem->mode == MODE_SINGLE && problem->numerator.tp == 2 && problem->denominator.tp == 2 &&
           problem->denominator.fp == 1 && problem->denominator.fn == 1 && problem->denominator.tn == 0;
}

static int posterior_bounds(const void *state, double confidence, double multiplier, double *lower,
                            double *upper)
{
    const struct posterior *posterior = state;
    const struct problem *problem = &posterior->problem;
    const size_t classes = problem->classes, cells = classes * classes;
    if (is_f1(problem)) {
        f1_bounds(problem, confidence, multiplier, lower, upper);
    } else {
        struct component components[POSTERIOR_CLASSES];
        double labels[POSTERIOR_CLASSES], predictions[POSTERIOR_CLASSES];
        double drawn[POSTERIOR_CLASSES * POSTERIOR_CLASSES], values[DRAWS];
        struct workspace workspace = {components, {0, 0, labels, predictions}};
        /* How many rows would decide is asked many times, and roughly answered. */
        const ptrdiff_t draws = multiplier == 1 ? DRAWS : PLANNING_DRAWS;
        const ptrdiff_t tail = (ptrdiff_t)((1 - confidence) * (double)draws);
        for (size_t draw = 0; draw < (size_t)draws; draw++) {
            for (size_t i = 0; i < cells; i++) {
                uint64_t random = mix(POSTERIOR_SEED + mix(draw * cells + i + 1));
                drawn[i] = draw_gamma(problem->cells[i] * multiplier + 1 / (double)classes, &random);
            }
            values[draw] = value_of(problem, drawn, &workspace);
        }
        *lower = select_value(values, draws, tail);
        *upper = select_value(values, draws, draws - 1 - tail);
    }
    *lower = fmin(posterior->value, fmax(posterior->minimum, *lower));
    *upper = fmax(posterior->value, fmin(posterior->maximum, *upper));
    return 0;
}

/* Does some class that counts have fewer than five successes, or fewer than five failures? */
static bool has_small_cells(const struct problem *problem, const struct workspace *workspace)
{
    struct problem whole = *problem;
    const bool ratio = problem->mode != MODE_MCC && problem->mode != MODE_KAPPA;
    if (!ratio || problem->mode == MODE_POOLED)
        whole.numerator = (struct parts){.tp = 1}, whole.denominator = (struct parts){1, 1, 1, 0};
    for (size_t c = 0; c < (problem->mode == MODE_SINGLE ? 1 : problem->classes); c++) {
        struct component component;
        if (ratio && problem->mode != MODE_POOLED && workspace->components[c].share == 0)
            continue;
        count_class(&whole, problem->cells, c, &component);
        const double of[4] = {component.tp, component.fp, component.fn, component.tn};
        const double up[4] = {whole.numerator.tp, whole.numerator.fp, whole.numerator.fn, whole.numerator.tn};
        const double down[4] = {whole.denominator.tp, whole.denominator.fp, whole.denominator.fn,
                                whole.denominator.tn};
        double successes = 0, failures = 0;
        for (size_t i = 0; i < 4; i++) {
            successes += up[i] > 0 ? of[i] : 0;
            failures += up[i] == 0 && down[i] > 0 ? of[i] : 0;
        }
        if (successes < SMALL_CELL || failures < SMALL_CELL)
            return true;
    }
    return false;
}

static int use_posterior(const struct problem *problem, struct mlg_evidence *evidence,
                         struct mlg_arena *arena, struct mlg_error *error)
{
    struct posterior *posterior = MLG_NEW(arena, struct posterior);
    if (!posterior)
        return mlg_error_set(error, MLG_LIMIT, "no memory for the bounds of a value");
    *posterior = (struct posterior){*problem, evidence->value, evidence->minimum, evidence->maximum};
    evidence->kind = MLG_BOUNDS;
    evidence->method = MLG_METHOD_DIRICHLET;
    evidence->bounds = posterior_bounds;
    evidence->state = posterior;
    return MLG_OK;
}

/* ---- evidence ----------------------------------------------------------------------------------- */

/* numerator of denominator, in rows. Returns whether each row of the denominator is one trial. */
static bool count_rows(const struct problem *problem, uint64_t *numerator, uint64_t *denominator)
{
    const struct pooled pooled = pool(problem);
    double up = 0, down = 0;
    bool trials = true;
    *numerator = *denominator = 0;
    if (problem->mode != MODE_SINGLE && problem->mode != MODE_POOLED)
        return false;
    const double unit = problem->mode == MODE_POOLED ? pooled.right_denominator : 1;
    for (size_t y = 0; y < problem->classes; y++)
        for (size_t p = 0; p < problem->classes; p++) {
            const struct parts *n = &problem->numerator, *d = &problem->denominator;
            const double rows = (double)problem->count[y * problem->classes + p];
            const double over = problem->mode == MODE_POOLED
                                    ? (y == p ? pooled.right_numerator : pooled.wrong_numerator)
                                    : (y == 0   ? (p == 0 ? n->tp : n->fn)
                                       : p == 0 ? n->fp
                                                : n->tn);
            const double under = problem->mode == MODE_POOLED
                                     ? (y == p ? pooled.right_denominator : pooled.wrong_denominator)
                                     : (y == 0   ? (p == 0 ? d->tp : d->fn)
                                        : p == 0 ? d->fp
                                                 : d->tn);
            trials = trials && (over == 0 || over == unit) && (under == 0 || under == unit) && over <= under;
            up += over * rows;
            down += under * rows;
            if (over != floor(over) || under != floor(under))
                return false;
        }
    if (!(down > 0) || down >= 0x1p53)
        return false;
    *numerator = (uint64_t)(trials ? up / unit : up);
    *denominator = (uint64_t)(trials ? down / unit : down);
    return trials;
}

/* Kish's effective number of rows among the trials of one class (or all rows). */
static double effective_rows(const struct problem *problem, size_t class, bool all)
{
    const struct parts *d = &problem->denominator;
    double weight = 0, weight2 = 0;
    for (size_t y = 0; y < problem->classes; y++)
        for (size_t p = 0; p < problem->classes; p++) {
            const double part = y == class ? (p == class ? d->tp : d->fn) : p == class ? d->fp : d->tn;
            if (!all && part == 0)
                continue;
            weight += problem->cells[y * problem->classes + p];
            weight2 += problem->weight2[y * problem->classes + p];
        }
    return weight2 > 0 ? weight * weight / weight2 : 0;
}

/* All right or all wrong: a variance of 0 would be a claim that nobody can make. */
static int use_wilson(const struct problem *problem, const struct workspace *workspace,
                      struct mlg_evidence *evidence, struct mlg_arena *arena, struct mlg_error *error)
{
    struct mlg_family_part *parts = MLG_NEW_ARRAY(arena, struct mlg_family_part, problem->classes + 1);
    const double width = evidence->maximum - evidence->minimum;
    size_t count = 0;
    if (!parts)
        return mlg_error_set(error, MLG_LIMIT, "no memory for the bounds of a value");
    if (problem->mode == MODE_POOLED || problem->mode == MODE_MCC || problem->mode == MODE_KAPPA) {
        parts[count++] = (struct mlg_family_part){width, (evidence->value - evidence->minimum) / width,
                                                  effective_rows(problem, 0, true)};
    } else {
        const double labelled = (double)problem->labelled;
        const double scale = problem->mode == MODE_BALANCED && problem->adjusted ? 1 / (1 - 1 / labelled) : 1;
        for (size_t c = 0; c < (problem->mode == MODE_SINGLE ? 1 : problem->classes); c++)
            if (workspace->components[c].share > 0)
                parts[count++] = (struct mlg_family_part){scale * workspace->components[c].share,
                                                          workspace->components[c].value,
                                                          effective_rows(problem, c, false)};
    }
    return mlg_family_wilson(evidence, parts, count, NULL, arena, error);
}

static int give_variance(const struct problem *problem, const struct workspace *workspace,
                         const double *gradient, struct mlg_evidence *evidence, struct mlg_arena *arena,
                         struct mlg_error *error)
{
    const double rows = (double)problem->rows;
    double variance = 0;
    for (size_t i = 0; i < problem->classes * problem->classes; i++)
        variance += problem->weight2[i] * gradient[i] * gradient[i];
    if (problem->weighted) {
        /* Rounding leaves something of a variance that is 0. */
        if (problem->rows < 2 || variance <= 1e-24)
            return use_wilson(problem, workspace, evidence, arena, error);
        variance *= rows / (rows - 1);
        evidence->degrees = rows - 1;
    } else if (has_small_cells(problem, workspace)) {
        if (problem->classes <= POSTERIOR_CLASSES)
            return use_posterior(problem, evidence, arena, error);
        if (variance <= 1e-24)
            return use_wilson(problem, workspace, evidence, arena, error);
        mlg_family_note(evidence,
                        "some classes have fewer than 5 right or wrong answers: the interval is rough");
    }
    evidence->kind = MLG_NORMAL;
    evidence->method = problem->weighted ? MLG_METHOD_LINEARISED : MLG_METHOD_DELTA;
    evidence->standard_error = sqrt(variance);
    return MLG_OK;
}

static void give_influence(const struct problem *problem, const size_t *place, const double *gradient,
                           const struct mlg_view *view, double *influence)
{
    const struct mlg_rows *kept = &view->scan->kept;
    size_t count;
    const uint32_t *index = mlg_scan_rows(view->scan, view->slicing, view->slice, &count);
    for (size_t i = 0; i < count; i++) {
        const size_t row = index ? index[i] : i;
        influence[i] = mlg_family_weight(kept, row) *
                       gradient[place[kept->label[row]] * problem->classes + place[kept->prediction[row]]];
    }
}

/* The evidence of a tally; `influence` may be NULL. */
static int judge_tally(const struct mlg_call *call, struct mlg_view *view, const struct mlg_tally *tally,
                       struct mlg_evidence *evidence, double *influence, struct mlg_error *error)
{
    struct problem problem;
    struct workspace workspace;
    const size_t *place = NULL;
    evidence->n = tally->rows;
    int code = pose(call, view, tally, &problem, &place, evidence, error);
    if (code != MLG_OK || evidence->kind == MLG_UNDEFINED)
        return code;
    if (!place) /* told with every problem that has a value */
        return mlg_error_set(error, MLG_INTERNAL, "'%s' was not counted", call->metric->name);
    if (!workspace_new(&workspace, problem.classes, view->scratch))
        return mlg_error_set(error, MLG_LIMIT, "no memory to count %zu classes", problem.classes);
    evidence->value = value_of(&problem, problem.cells, &workspace);
    if (problem.mode == MODE_BALANCED)
        evidence->minimum = problem.adjusted ? -1 / ((double)problem.labelled - 1) : 0;
    refuse_undefined(&problem, &workspace, evidence);
    if (evidence->kind == MLG_UNDEFINED)
        return MLG_OK;
    bool proportion = false;
    if (!problem.weighted)
        proportion = count_rows(&problem, &evidence->numerator, &evidence->denominator);
    if (proportion) {
        evidence->kind = MLG_PROPORTION;
        evidence->method = MLG_METHOD_WILSON;
        evidence->n = evidence->denominator;
        evidence->value = (double)evidence->numerator / (double)evidence->denominator;
        if (!influence)
            return MLG_OK;
    }
    const double *gradient = gradient_of(&problem, &workspace, evidence->value, view->scratch);
    if (!gradient)
        return mlg_error_set(error, MLG_LIMIT, "no memory to count %zu classes", problem.classes);
    if (influence)
        give_influence(&problem, place, gradient, view, influence);
    return proportion ? MLG_OK
                      : give_variance(&problem, &workspace, gradient, evidence, view->scratch, error);
}

static int counts_plan(struct mlg_call *call, struct mlg_plan *plan, struct mlg_error *error)
{
    const struct count_kernel *kernel = call->metric->kernel;
    const int average = call->arguments.average;
    int code = mlg_plan_tally(plan, error);
    /* That it matters which class is positive, should there be two: a class without rows is one then. */
    if (code == MLG_OK && !call->arguments.class_name &&
        (kernel->shape == SHAPE_POSITIVE ||
         (kernel->shape == SHAPE_RATIO && (average == MLG_AVERAGE_DEFAULT || average == MLG_BINARY))))
        code = mlg_plan_reads(plan, MLG_READS_POSITIVE, error);
    return code;
}

static int counts_evaluate(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                           double *influence, struct mlg_error *error)
{
    const struct mlg_tally *tally = mlg_scan_tally(view->scan, view->slicing, view->slice);
    struct mlg_tally kept;
    mlg_family_begin(call, evidence);
    if (influence) { /* on exactly the rows that have one: see family.h */
        int code = mlg_family_tally(view, &kept, error);
        if (code != MLG_OK)
            return code;
        tally = &kept;
    }
    if (!tally)
        return mlg_error_set(error, MLG_INTERNAL, "'%s' was not planned", call->metric->name);
    return judge_tally(call, view, tally, evidence, influence, error);
}

/* ---- the best constant answer --------------------------------------------------------------------- */

enum { CONSTANT_CLASSES = 64 };

/* The tally of the same labels, had every prediction been `class`. */
static bool constant_tally(const struct mlg_tally *tally, size_t class, struct mlg_tally *constant,
                           struct mlg_arena *arena)
{
    const size_t classes = tally->classes;
    uint64_t *count = MLG_NEW_ARRAY(arena, uint64_t, classes * classes + 1);
    double *weight = tally->weight ? MLG_NEW_ARRAY(arena, double, classes *classes + 1) : NULL;
    double *weight2 = tally->weight ? MLG_NEW_ARRAY(arena, double, classes *classes + 1) : NULL;
    if (!count || (tally->weight && (!weight || !weight2)))
        return false;
    for (size_t y = 0; y < classes; y++)
        for (size_t p = 0; p < classes; p++) {
            count[y * classes + class] += tally->count[y * classes + p];
            if (tally->weight) {
                weight[y * classes + class] += tally->weight[y * classes + p];
                weight2[y * classes + class] += tally->weight2[y * classes + p];
            }
        }
    *constant = (struct mlg_tally){classes, tally->rows, count, weight, weight2};
    return true;
}

static int judge_constant(const struct mlg_call *call, struct mlg_view *view, const struct mlg_tally *tally,
                          size_t class, struct mlg_evidence *evidence, struct mlg_error *error)
{
    struct mlg_tally constant;
    mlg_family_begin(call, evidence);
    if (!constant_tally(tally, class, &constant, view->scratch))
        return mlg_error_set(error, MLG_LIMIT, "no memory to try a constant answer");
    int code = judge_tally(call, view, &constant, evidence, NULL, error);
    if (code == MLG_OK && evidence->kind != MLG_UNDEFINED)
        mlg_family_note(evidence, "always answering '%.100s'", view->scan->classes.names[class]);
    return code;
}

static int counts_constant(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                           struct mlg_error *error)
{
    const struct mlg_tally *tally = mlg_scan_tally(view->scan, view->slicing, view->slice);
    const bool lower = call->metric->direction == MLG_LOWER_IS_BETTER;
    size_t most = 0;
    uint64_t most_rows = 0;
    mlg_family_begin(call, evidence);
    if (!tally)
        return mlg_error_set(error, MLG_INTERNAL, "'%s' was not planned", call->metric->name);
    mlg_evidence_undefined(evidence, "no constant answer has a value");
    for (size_t c = 0; c < tally->classes; c++) {
        uint64_t labels = 0;
        struct mlg_evidence one;
        for (size_t p = 0; p < tally->classes; p++)
            labels += tally->count[c * tally->classes + p];
        if (labels > most_rows) {
            most = c;
            most_rows = labels;
        }
        if (labels == 0 || tally->classes > CONSTANT_CLASSES)
            continue;
        int code = judge_constant(call, view, tally, c, &one, error);
        if (code != MLG_OK)
            return code;
        if (one.kind != MLG_UNDEFINED &&
            (evidence->kind == MLG_UNDEFINED ||
             (lower ? one.value < evidence->value : one.value > evidence->value)))
            *evidence = one;
    }
    /* With so many classes each trial costs too much: the most frequent one alone. */
    if (tally->classes > CONSTANT_CLASSES && most_rows > 0) {
        int code = judge_constant(call, view, tally, most, evidence, error);
        if (code != MLG_OK)
            return code;
    }
    if (evidence->kind != MLG_UNDEFINED && evidence->kind != MLG_PROPORTION) {
        evidence->kind = MLG_VALUE_ONLY;
        evidence->method = MLG_METHOD_NONE;
        evidence->standard_error = 0;
        evidence->bounds = NULL;
        evidence->state = NULL;
    }
    return MLG_OK;
}

/* ---- rows --------------------------------------------------------------------------------------- */

static const char *const average_class[] = {"average", "class", NULL};
static const char *const only_class[] = {"class", NULL};
static const char *const beta_average_class[] = {"beta", "average", "class", NULL};
static const char *const only_adjusted[] = {"adjusted", NULL};
static const char *const only_weights[] = {"weights", NULL};

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define AVERAGED "; with more than two classes the mean over the classes (average=), or of one class (class=)"

#define COUNTS                                                                                               \
    .reads = MLG_READS_LABEL | MLG_READS_PREDICTION, .plan = counts_plan, .evaluate = counts_evaluate,       \
    .constant = counts_constant
#define KERNEL(...)                                                                                          \
    .kernel = &(const struct count_kernel)                                                                   \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }

const struct mlg_metric mlg_metric_accuracy = {
    .name = "accuracy",
    .aliases = NAMES("accuracy_score"),
    .about = "share of rows whose prediction is their label",
    .definition = "right / all rows",
    .undefined_when = "there are no rows",
    .source = "scikit-learn accuracy_score",
    .direction = MLG_HIGHER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_WILSON,
    .accuracy_like = true,
    COUNTS,
    KERNEL(.shape = SHAPE_POOLED, .numerator = {.tp = 1}, .denominator = {.tp = 1, .fn = 1},
           .no_trials = labelled_none),
};

const struct mlg_metric mlg_metric_zero_one_loss = {
    .name = "zero_one_loss",
    .aliases = NAMES("error_rate", "hamming_loss"),
    .about = "share of rows whose prediction is not their label",
    .definition = "wrong / all rows = 1 - accuracy",
    .undefined_when = "there are no rows",
    .source = "scikit-learn zero_one_loss",
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_WILSON,
    .accuracy_like = true,
    COUNTS,
    KERNEL(.shape = SHAPE_POOLED, .numerator = {.fn = 1}, .denominator = {.tp = 1, .fn = 1},
           .no_trials = labelled_none),
};

const struct mlg_metric mlg_metric_precision = {
    .name = "precision",
    .aliases = NAMES("ppv", "precision_score", "positive_predictive_value"),
    .about = "of the rows predicted positive, the share that is",
    .definition = "tp / (tp + fp)" AVERAGED,
    .undefined_when = "no row is predicted positive (scikit-learn says 0); with average=macro or weighted, a "
                      "class that has labels is never predicted",
    .source = "scikit-learn precision_score",
    .arguments = average_class,
    .direction = MLG_HIGHER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_WILSON,
    .accuracy_like = true,
    COUNTS,
    KERNEL(.shape = SHAPE_RATIO, .numerator = {.tp = 1}, .denominator = {.tp = 1, .fp = 1},
           .no_trials = predicted_none),
};

const struct mlg_metric mlg_metric_recall = {
    .name = "recall",
    .aliases = NAMES("tpr", "recall_score", "sensitivity", "true_positive_rate"),
    .about = "of the rows labelled positive, the share that is predicted so",
    .definition = "tp / (tp + fn)" AVERAGED,
    .undefined_when =
        "no row is labelled positive (scikit-learn says 0); with average=macro, a class that is "
        "predicted has no labels",
    .source = "scikit-learn recall_score",
    .arguments = average_class,
    .direction = MLG_HIGHER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_WILSON,
    COUNTS,
    KERNEL(.shape = SHAPE_RATIO, .numerator = {.tp = 1}, .denominator = {.tp = 1, .fn = 1},
           .support_cancels = true, .no_trials = labelled_none),
};

const struct mlg_metric mlg_metric_specificity = {
    .name = "specificity",
    .aliases = NAMES("tnr", "true_negative_rate"),
    .about = "of the rows labelled negative, the share that is predicted so",
    .definition = "tn / (tn + fp)" AVERAGED,
    .undefined_when = "no row is labelled negative",
    .source = "recall of the negative class; scikit-learn recall_score(pos_label=negative)",
    .arguments = average_class,
    .direction = MLG_HIGHER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_WILSON,
    COUNTS,
    KERNEL(.shape = SHAPE_RATIO, .numerator = {.tn = 1}, .denominator = {.tn = 1, .fp = 1},
           .no_trials = labelled_all),
};

const struct mlg_metric mlg_metric_npv = {
    .name = "npv",
    .aliases = NAMES("negative_predictive_value"),
    .about = "of the rows predicted negative, the share that is",
    .definition = "tn / (tn + fn)" AVERAGED,
    .undefined_when = "no row is predicted negative",
    .source = "precision of the negative class; scikit-learn precision_score(pos_label=negative)",
    .arguments = average_class,
    .direction = MLG_HIGHER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_WILSON,
    .accuracy_like = true,
    COUNTS,
    KERNEL(.shape = SHAPE_RATIO, .numerator = {.tn = 1}, .denominator = {.tn = 1, .fn = 1},
           .no_trials = predicted_all),
};

const struct mlg_metric mlg_metric_fpr = {
    .name = "fpr",
    .aliases = NAMES("false_positive_rate"),
    .about = "of the rows labelled negative, the share that is predicted positive",
    .definition = "fp / (fp + tn) = 1 - specificity" AVERAGED,
    .undefined_when = "no row is labelled negative",
    .source = "fairlearn false_positive_rate, which says 0 where this is undefined",
    .arguments = average_class,
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_WILSON,
    COUNTS,
    KERNEL(.shape = SHAPE_RATIO, .numerator = {.fp = 1}, .denominator = {.tn = 1, .fp = 1},
           .no_trials = labelled_all),
};

const struct mlg_metric mlg_metric_fnr = {
    .name = "fnr",
    .aliases = NAMES("false_negative_rate", "miss_rate"),
    .about = "of the rows labelled positive, the share that is predicted negative",
    .definition = "fn / (fn + tp) = 1 - recall" AVERAGED,
    .undefined_when = "no row is labelled positive",
    .source = "fairlearn false_negative_rate, which says 0 where this is undefined",
    .arguments = average_class,
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_WILSON,
    COUNTS,
    KERNEL(.shape = SHAPE_RATIO, .numerator = {.fn = 1}, .denominator = {.tp = 1, .fn = 1},
           .support_cancels = true, .no_trials = labelled_none),
};

const struct mlg_metric mlg_metric_fdr = {
    .name = "fdr",
    .aliases = NAMES("false_discovery_rate"),
    .about = "of the rows predicted positive, the share that is not",
    .definition = "fp / (fp + tp) = 1 - precision" AVERAGED,
    .undefined_when = "no row is predicted positive",
    .source = "1 - scikit-learn precision_score",
    .arguments = average_class,
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_WILSON,
    COUNTS,
    KERNEL(.shape = SHAPE_RATIO, .numerator = {.fp = 1}, .denominator = {.tp = 1, .fp = 1},
           .no_trials = predicted_none),
};

const struct mlg_metric mlg_metric_for_rate = {
    .name = "for",
    .aliases = NAMES("false_omission_rate"),
    .about = "of the rows predicted negative, the share that is positive",
    .definition = "fn / (fn + tn) = 1 - npv" AVERAGED,
    .undefined_when = "no row is predicted negative",
    .source = "1 - npv; Aequitas for",
    .arguments = average_class,
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_WILSON,
    COUNTS,
    KERNEL(.shape = SHAPE_RATIO, .numerator = {.fn = 1}, .denominator = {.tn = 1, .fn = 1},
           .no_trials = predicted_all),
};

const struct mlg_metric mlg_metric_selection_rate = {
    .name = "selection_rate",
    .aliases = NAMES("predicted_positive_rate"),
    .about = "share of rows that are predicted positive",
    .definition = "(tp + fp) / all rows; of another class with class=",
    .undefined_when = "there are no rows, or the positive class is not known",
    .source = "fairlearn selection_rate",
    .arguments = only_class,
    .direction = MLG_NO_DIRECTION,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_WILSON,
    COUNTS,
    KERNEL(.shape = SHAPE_POSITIVE, .numerator = {.tp = 1, .fp = 1}, .denominator = {1, 1, 1, 1},
           .no_trials = labelled_none),
};

const struct mlg_metric mlg_metric_f1 = {
    .name = "f1",
    .aliases = NAMES("f1_score", "dice"),
    .about = "precision and recall in one number, their harmonic mean",
    .definition = "2 tp / (2 tp + fp + fn)" AVERAGED,
    .undefined_when = "no row is labelled or predicted positive (scikit-learn says 0)",
    .source = "scikit-learn f1_score (1.4 and later: from counts, so 0 when nothing positive is found)",
    .arguments = average_class,
    .direction = MLG_HIGHER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_DELTA,
    .accuracy_like = true,
    COUNTS,
    KERNEL(.shape = SHAPE_RATIO, .numerator = {.tp = 2}, .denominator = {.tp = 2, .fp = 1, .fn = 1},
           .no_trials = neither),
};

const struct mlg_metric mlg_metric_fbeta = {
    .name = "fbeta",
    .aliases = NAMES("fbeta_score"),
    .about = "precision and recall in one number, recall counting beta times as much",
    .definition = "(1 + beta^2) tp / ((1 + beta^2) tp + beta^2 fn + fp)" AVERAGED,
    .undefined_when = "no row is labelled or predicted positive; with beta=0, none is predicted positive",
    .source = "scikit-learn fbeta_score",
    .arguments = beta_average_class,
    .required_argument = "beta",
    .direction = MLG_HIGHER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_DELTA,
    .accuracy_like = true,
    COUNTS,
    KERNEL(.shape = SHAPE_RATIO, .numerator = {.tp = 2}, .denominator = {.tp = 2, .fp = 1, .fn = 1},
           .beta = true, .no_trials = neither),
};

const struct mlg_metric mlg_metric_jaccard = {
    .name = "jaccard",
    .aliases = NAMES("jaccard_score", "iou"),
    .about = "of the rows labelled or predicted positive, the share that is both",
    .definition = "tp / (tp + fp + fn)" AVERAGED,
    .undefined_when = "no row is labelled or predicted positive (scikit-learn says 0)",
    .source = "scikit-learn jaccard_score",
    .arguments = average_class,
    .direction = MLG_HIGHER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_WILSON,
    .accuracy_like = true,
    COUNTS,
    KERNEL(.shape = SHAPE_RATIO, .numerator = {.tp = 1}, .denominator = {.tp = 1, .fp = 1, .fn = 1},
           .no_trials = neither),
};

const struct mlg_metric mlg_metric_balanced_accuracy = {
    .name = "balanced_accuracy",
    .aliases = NAMES("balanced_accuracy_score"),
    .about = "mean of the classes' recalls, so that a rare class counts as much as a frequent one",
    .definition =
        "mean of tp / (tp + fn) over the classes that have labels; adjusted=true: (s - 1/K) / (1 - 1/K), "
        "0 for a constant answer, down to -1/(K-1)",
    .undefined_when = "there are no rows; adjusted, all rows have the same label",
    .source = "scikit-learn balanced_accuracy_score",
    .arguments = only_adjusted,
    .direction = MLG_HIGHER_IS_BETTER,
    .minimum = -1,
    .maximum = 1,
    .method = MLG_METHOD_DELTA,
    .accuracy_like = true,
    COUNTS,
    KERNEL(.shape = SHAPE_BALANCED, .numerator = {.tp = 1}, .denominator = {.tp = 1, .fn = 1},
           .no_trials = labelled_none),
};

const struct mlg_metric mlg_metric_mcc = {
    .name = "mcc",
    .aliases = NAMES("matthews_corrcoef", "phi"),
    .about = "correlation of labels and predictions, from -1 to 1; 0 is chance",
    .definition =
        "(c s - sum t p) / sqrt((s^2 - sum p^2) (s^2 - sum t^2)), t rows labelled, p rows predicted of "
        "each class, c right, s all",
    .undefined_when = "all rows have the same label or the same prediction (scikit-learn says 0)",
    .source = "scikit-learn matthews_corrcoef; Gorodkin 2004 for more than two classes",
    .direction = MLG_HIGHER_IS_BETTER,
    .minimum = -1,
    .maximum = 1,
    .method = MLG_METHOD_DELTA,
    .accuracy_like = true,
    COUNTS,
    KERNEL(.shape = SHAPE_MCC),
};

const struct mlg_metric mlg_metric_cohen_kappa = {
    .name = "cohen_kappa",
    .aliases = NAMES("kappa", "cohen_kappa_score"),
    .about = "agreement of labels and predictions beyond chance, from -1 to 1",
    .definition =
        "1 - sum w o / sum w e, o rows seen and e rows expected by chance of each label and prediction, "
        "w = 1 off the diagonal, or the distance of the classes in their order (weights=linear, "
        "quadratic)",
    .undefined_when = "all rows are labelled and predicted the same class",
    .source = "scikit-learn cohen_kappa_score(labels=all classes of the source)",
    .arguments = only_weights,
    .direction = MLG_HIGHER_IS_BETTER,
    .minimum = -1,
    .maximum = 1,
    .method = MLG_METHOD_DELTA,
    .accuracy_like = true,
    COUNTS,
    KERNEL(.shape = SHAPE_KAPPA),
};
