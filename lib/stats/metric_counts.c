/* metric_counts: everything that is a function of label x prediction.
 *
 * Three shapes: a ratio of counts, averaged over classes or not; Matthews' correlation; Cohen's kappa. All
 * are homogeneous of degree 0 in the cells, so that with G = d value / d cell the sum of cell * G is 0 and
 *     variance = sum of (sum of w^2 in the cell) * G^2      (multinomial delta method; weights: linearised)
 *     influence of a row = w * G at its cell.
 *
 * A ratio whose every row is a trial that succeeds or fails is a proportion and told as counts. The others
 * are made of such proportions (family.h): f1 of Jaccard's index, an average of its classes, mcc and kappa of
 * the share of answers that are no worse than chance. */
#include <math.h>
#include <string.h>

#include "family.h"
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
    bool adjusted, needs_tn, f_like;
    bool declared; /* the source's `labels` say which classes there are */
    int kappa;     /* enum mlg_kappa_weights */
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
    bool absent; /* 0/0, neither labelled nor predicted, but declared: its value is 0 (scikit-learn) */
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
    component->absent =
        problem->declared && component->trials == 0 && component->tp + component->fp + component->fn == 0;
    component->value = component->absent ? 0 : total_of(&problem->numerator, component) / component->trials;
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

enum { PLAIN_CLASSES = 64 };

/* Sum over all other classes than `class`. */
static double sum_others(const double *values, size_t classes, size_t class)
{
    double sum = 0;
    for (size_t c = 0; c < classes; c++)
        sum += c == class ? 0 : values[c];
    return sum;
}

/* The rows neither labelled nor predicted `class`. Of many classes by complement, for the sake of time. */
static struct mlg_double2 sum_neither(const struct problem *problem, const double *cells,
                                      const struct margins *margins, size_t class)
{
    if (problem->classes > PLAIN_CLASSES) {
        struct mlg_double2 rest = mlg_double2_of(margins->all);
        rest = mlg_double2_subtract(rest, mlg_double2_of(margins->labels[class]));
        rest = mlg_double2_subtract(rest, mlg_double2_of(margins->predictions[class]));
        return mlg_double2_add(rest, mlg_double2_of(cell(problem, cells, class, class)));
    }
    double sum = 0;
    for (size_t y = 0; y < problem->classes; y++)
        for (size_t p = 0; p < problem->classes; p++)
            sum += y == class || p == class ? 0 : cell(problem, cells, y, p);
    return mlg_double2_of(sum);
}

/* c s - sum of t p, s^2 - sum of p^2, s^2 - sum of t^2, each as a sum over the classes of what does not
 * cancel, however unequal the weights: the first is the sum of tp tn - fp fn. */
static void correlate(const struct problem *problem, const double *cells, const struct margins *margins,
                      double *both, double *predictions, double *labels)
{
    struct mlg_double2 product = {0};
    *predictions = *labels = 0;
    for (size_t c = 0; c < problem->classes; c++) {
        const double right = cell(problem, cells, c, c);
        double fp = 0, fn = 0;
        for (size_t other = 0; other < problem->classes; other++) {
            fp += other == c ? 0 : cell(problem, cells, other, c);
            fn += other == c ? 0 : cell(problem, cells, c, other);
        }
        product = mlg_double2_add(
            product, mlg_double2_multiply(mlg_double2_of(right), sum_neither(problem, cells, margins, c)));
        product = mlg_double2_subtract(product, mlg_double2_multiply(mlg_double2_of(fp), mlg_double2_of(fn)));
        *predictions += margins->predictions[c] * sum_others(margins->predictions, problem->classes, c);
        *labels += margins->labels[c] * sum_others(margins->labels, problem->classes, c);
    }
    *both = product.high;
}

/* a / sqrt(b c), rounded once: a perfect answer is worth exactly 1, and a ratio of counts is the nearest. */
static double over_root_of_product(double a, double b, double c)
{
    const double root = sqrt(b) * sqrt(c);
    if (b == c || !isnormal(root))
        return a / (b == c ? b : root);
    /* A step of Newton's: root + (b c - root^2) / (2 root) */
    const struct mlg_double2 start = mlg_double2_of(root);
    const struct mlg_double2 product = mlg_double2_multiply(mlg_double2_of(b), mlg_double2_of(c));
    const struct mlg_double2 rest = mlg_double2_subtract(product, mlg_double2_multiply(start, start));
    const struct mlg_double2 step = mlg_double2_divide(rest, mlg_double2_of(2 * root));
    if (!isfinite(product.high) || !isfinite(step.high))
        return a / root;
    return mlg_double2_divide(mlg_double2_of(a), mlg_double2_add(start, step)).high;
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
        correlate(problem, cells, &workspace->margins, &a, &b, &c);
        return fmax(-1, fmin(1, over_root_of_product(a, b, c)));
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
        if (component->share == 0 || component->absent)
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
                             double *other_predictions, double *other_labels, double *gradient)
{
    for (size_t c = 0; c < problem->classes; c++) {
        other_predictions[c] = sum_others(margins->predictions, problem->classes, c);
        other_labels[c] = sum_others(margins->labels, problem->classes, c);
    }
    double both, predictions, labels;
    correlate(problem, problem->cells, margins, &both, &predictions, &labels);
    const double root = predictions == labels ? labels : sqrt(predictions) * sqrt(labels);
    for (size_t y = 0; y < problem->classes; y++)
        for (size_t p = 0; p < problem->classes; p++) {
            const double to_both =
                (y == p ? margins->all : 0) + margins->right - margins->predictions[y] - margins->labels[p];
            const double to_predictions = 2 * other_predictions[p], to_labels = 2 * other_labels[y];
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
        double *others = MLG_NEW_ARRAY(arena, double, 2 * classes);
        if (!others)
            return NULL;
        add_mcc_gradient(problem, &workspace->margins, value, others, others + classes, gradient);
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
    for (size_t c = 0; c < classes && problem->declared; c++)
        place[c] = 1;
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
                                .f_like = kernel->numerator.tp == 2,
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
    problem->declared = problem->mode == MODE_MACRO && view->scan->data->labels.count > 0;
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
    return mlg_evidence_undefined(evidence, "%s%.200s in %llu %s%s",
                                  problem->mode == MODE_SINGLE ? "" : "one class has no value: ", why,
                                  (unsigned long long)problem->rows, mlg_plural(problem->rows, "row", "rows"),
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
        return mlg_family_weightless(evidence, problem->rows);
    switch (problem->mode) {
    case MODE_POOLED:
        pooled_value(problem, problem->cells, &trials);
        return trials > 0 ? MLG_OK : no_trials(problem, 0, evidence);
    case MODE_MCC:
    case MODE_KAPPA:
        for (size_t c = 0; c < problem->classes; c++) {
            const bool labelled = sum_others(margins->labels, problem->classes, c) == 0;
            const bool predicted = sum_others(margins->predictions, problem->classes, c) == 0;
            if (!(problem->mode == MODE_MCC ? labelled || predicted : labelled && predicted))
                continue;
            const char *how = !predicted ? "labelled" : labelled ? "labelled and predicted" : "predicted";
            if (problem->rows == 1)
                return mlg_evidence_undefined(evidence, "the only row is %s '%s'", how,
                                              class_name(problem, c));
            return mlg_evidence_undefined(evidence, "all %llu rows are %s '%s'",
                                          (unsigned long long)problem->rows, how, class_name(problem, c));
        }
        return MLG_OK;
    case MODE_SINGLE:
    case MODE_MACRO:
    case MODE_WEIGHTED:
    case MODE_BALANCED:
        break;
    }
    if (problem->mode == MODE_BALANCED && problem->adjusted && problem->labelled < 2)
        return mlg_evidence_undefined(evidence, "only one class in the labels: nothing to adjust for");
    for (size_t c = 0; c < (problem->mode == MODE_SINGLE ? 1 : problem->classes); c++)
        if (workspace->components[c].share > 0 && !workspace->components[c].absent &&
            !(workspace->components[c].trials > 0))
            return no_trials(problem, c, evidence);
    return MLG_OK;
}

/* ---- evidence ----------------------------------------------------------------------------------- */

/* What the parts are to be multiplied with to be whole: 4 where beta is 1/2. */
static double whole_scale(const struct problem *problem)
{
    const double beta2 = problem->denominator.fn;
    double scale = 1;
    while (scale < 0x1p10 && beta2 * scale != floor(beta2 * scale))
        scale *= 2;
    return scale;
}

/* numerator of denominator, in rows. Returns whether each row of the denominator is one trial. */
static bool count_rows(const struct problem *problem, uint64_t *numerator, uint64_t *denominator)
{
    const struct pooled pooled = pool(problem);
    const double scale = problem->mode == MODE_SINGLE ? whole_scale(problem) : 1;
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
            up += scale * over * rows;
            down += scale * under * rows;
            if (scale * over != floor(scale * over) || scale * under != floor(scale * under))
                return false;
        }
    if (!(down > 0) || down >= 0x1p53)
        return false;
    *numerator = (uint64_t)(trials ? up / unit : up);
    *denominator = (uint64_t)(trials ? down / unit : down);
    return trials;
}

/* Kappa = (chance - seen) / chance, whole numbers as distances are. */
static bool count_agreement(const struct problem *problem, const struct margins *margins,
                            struct mlg_fractions *fractions)
{
    double seen = 0, chance = 0;
    for (size_t y = 0; y < problem->classes; y++)
        for (size_t p = 0; p < problem->classes; p++) {
            const double weight = distance(problem, y, p);
            seen += weight * cell(problem, problem->cells, y, p) * margins->all;
            chance += weight * margins->labels[y] * margins->predictions[p];
        }
    if (!(fmax(seen, chance) < 0x1p53))
        return false;
    fractions->count = 1;
    fractions->divisor = 1;
    fractions->negated = seen > chance;
    fractions->terms[0] = (struct mlg_fraction){(uint64_t)fabs(chance - seen), (uint64_t)chance};
    return true;
}

/* The mean over the classes. */
static bool count_classes(const struct problem *problem, const struct component *components,
                          struct mlg_fractions *fractions)
{
    const double scale = whole_scale(problem);
    double all = 0;
    for (size_t c = 0; c < problem->classes; c++) {
        const struct component *component = &components[c];
        const double rows = problem->mode == MODE_WEIGHTED ? component->tp + component->fn : 1;
        const double up = scale * rows * total_of(&problem->numerator, component);
        const double down = scale * component->trials;
        all += component->tp + component->fn;
        if (component->share == 0 || component->absent)
            continue;
        if (up != floor(up) || down != floor(down) || !(fmax(up, down) < 0x1p53))
            return false;
        fractions->terms[fractions->count++] = (struct mlg_fraction){(uint64_t)up, (uint64_t)down};
    }
    fractions->less = problem->mode == MODE_BALANCED && problem->adjusted ? 1 : 0;
    fractions->divisor = problem->mode == MODE_WEIGHTED ? (uint64_t)all
                         : problem->mode == MODE_MACRO  ? problem->classes
                                                        : problem->labelled - fractions->less;
    return true;
}

/* The value of rows without weights, in whole numbers where it is made of such and 53 bits hold them. False:
 * no memory. */
static bool value_exactly(const struct problem *problem, const struct workspace *workspace,
                          struct mlg_evidence *evidence, struct mlg_arena *arena)
{
    const bool agreement = problem->mode == MODE_KAPPA;
    if (!agreement && problem->mode != MODE_MACRO && problem->mode != MODE_WEIGHTED &&
        problem->mode != MODE_BALANCED)
        return true;
    struct mlg_fractions *fractions =
        mlg_arena_alloc(arena, 1, sizeof *fractions + problem->classes * sizeof *fractions->terms);
    if (!fractions)
        return false;
    if (!(agreement ? count_agreement(problem, &workspace->margins, fractions)
                    : count_classes(problem, workspace->components, fractions)))
        return true;
    evidence->value = mlg_fractions_value(fractions);
    evidence->fractions = fractions;
    return true;
}

/* The sum of weights and of their squares among the trials of one class (or all rows). */
struct weighing {
    double weight, weight2;
};

static struct weighing weigh(const struct problem *problem, size_t class, bool all)
{
    const struct parts *d = &problem->denominator;
    struct weighing weighing = {0};
    for (size_t y = 0; y < problem->classes; y++)
        for (size_t p = 0; p < problem->classes; p++) {
            const double part = y == class ? (p == class ? d->tp : d->fn) : p == class ? d->fp : d->tn;
            if (!all && part == 0)
                continue;
            weighing.weight += problem->cells[y * problem->classes + p];
            weighing.weight2 += problem->weight2[y * problem->classes + p];
        }
    return weighing;
}

/* Kish's effective number of rows. */
static double effective(struct weighing weighing)
{
    return weighing.weight2 > 0 ? weighing.weight * weighing.weight / weighing.weight2 : 0;
}

/* Sums of share * z^2 and share * z^4 over the rows, z what all rows would add if each were like this one. */
struct powers {
    double second, fourth;
};

static void add_powers(struct powers *powers, double share, double z)
{
    powers->second += share * z * z;
    powers->fourth += share * z * z * z * z;
}

/* What a variance rests on, as it would be if all rows weighed alike, for a light row is no less a row. */
static struct mlg_family_carry carry_of(const struct powers *powers, double rows)
{
    if (!(powers->fourth > 0) || !(rows > 0))
        return (struct mlg_family_carry){0};
    return (struct mlg_family_carry){.carriers = rows * (powers->second / powers->fourth) * powers->second,
                                     .variance = powers->second / rows};
}

/* How the ratio bends the share of its rows that are right: f1 is 2J / (1 + J) of Jaccard's index J; the more
 * unequal beta makes the two kinds of error, the nearer the ratio is to a plain share. */
static double bend_of(const struct problem *problem)
{
    const double beta2 = problem->denominator.fn;
    if (!problem->f_like || beta2 == 0)
        return 0;
    return fmin(beta2, 1 / beta2);
}

/* One class as a proportion, with the variance that its share of the value has. */
static struct mlg_family_part class_part(const struct problem *problem, const struct component *component,
                                         size_t class, double scale, double *variance)
{
    const struct parts *up = &problem->numerator, *down = &problem->denominator;
    const double bend = bend_of(problem), value = component->value;
    const struct weighing weighing = weigh(problem, class, false);
    struct component squares;
    count_class(problem, problem->weight2, class, &squares);
    const double tp = up->tp - value * down->tp, fp = up->fp - value * down->fp;
    const double fn = up->fn - value * down->fn, tn = up->tn - value * down->tn;
    const double own =
        (tp * tp * squares.tp + fp * fp * squares.fp + fn * fn * squares.fn + tn * tn * squares.tn) /
        (component->trials * component->trials);
    const double rate = mlg_family_unbend(bend, value), slope = mlg_family_unbend_slope(bend, value);
    const double all = weighing.weight, factor = slope * all / component->trials;
    struct powers powers = {0};
    add_powers(&powers, component->tp / all, factor * tp);
    add_powers(&powers, component->fp / all, factor * fp);
    add_powers(&powers, component->fn / all, factor * fn);
    add_powers(&powers, component->tn / all, factor * tn);
    const struct mlg_family_carry carry = carry_of(&powers, effective(weighing));
    *variance = scale * scale * own;
    return (struct mlg_family_part){
        .share = scale,
        .rate = rate,
        .size = mlg_family_size_carried(rate, slope * slope * own, effective(weighing), &carry),
        .bend = bend};
}

/* Pooled ratios are functions of the share of right rows. */
static struct mlg_family_part pooled_part(const struct problem *problem)
{
    const struct pooled pooled = pool(problem);
    const double least = pooled.wrong_numerator / pooled.wrong_denominator;
    double right = 0, wrong = 0, right2 = 0, wrong2 = 0;
    for (size_t y = 0; y < problem->classes; y++)
        for (size_t p = 0; p < problem->classes; p++) {
            *(y == p ? &right : &wrong) += cell(problem, problem->cells, y, p);
            *(y == p ? &right2 : &wrong2) += cell(problem, problem->weight2, y, p);
        }
    const double all = right + wrong, rate = right / all;
    const double variance = ((1 - rate) * (1 - rate) * right2 + rate * rate * wrong2) / (all * all);
    return (struct mlg_family_part){.share = pooled.right_numerator / pooled.right_denominator - least,
                                    .rate = rate,
                                    .size = mlg_family_size(rate, variance, all * all / (right2 + wrong2)),
                                    .bend = pooled.right_denominator / pooled.wrong_denominator - 1};
}

/* (1 + value) / 2 is 1 less the errors' share of what errors could at most be, twice as many as chance makes:
 * these are the rows that count, few where one class is rare. */
static struct mlg_family_part agreement_part(const struct problem *problem, const struct workspace *workspace,
                                             double value, double variance, struct mlg_family_carry carry)
{
    const double rows = effective(weigh(problem, 0, true)), rate = (1 + value) / 2;
    double seen, chance, farthest = 0;
    disagree(problem, problem->cells, &workspace->margins, &seen, &chance);
    for (size_t y = 0; y < problem->classes; y++)
        for (size_t p = 0; p < problem->classes; p++)
            farthest = fmax(farthest, distance(problem, y, p));
    const double most = 2 * rows * chance / (farthest * workspace->margins.all);
    carry.variance /= 4;
    return (struct mlg_family_part){
        .share = 2, .rate = rate, .size = mlg_family_size_carried(rate, variance / 4, most, &carry)};
}

/* The proportions that the value is made of, and the variance that they have in common: less than none where
 * an error of one class is a success of another, as far as rows enough say so. */
static size_t parts_of(const struct problem *problem, const struct workspace *workspace, double value,
                       double variance, struct mlg_family_carry carry, struct mlg_family_part *parts,
                       double *common)
{
    *common = 0;
    if (problem->mode == MODE_POOLED) {
        parts[0] = pooled_part(problem);
        return 1;
    }
    if (problem->mode == MODE_MCC || problem->mode == MODE_KAPPA) {
        parts[0] = agreement_part(problem, workspace, value, variance, carry);
        return 1;
    }
    const double labelled = (double)problem->labelled;
    const double scale = problem->mode == MODE_BALANCED && problem->adjusted ? 1 / (1 - 1 / labelled) : 1;
    size_t count = 0;
    double own, sum = 0;
    for (size_t c = 0; c < (problem->mode == MODE_SINGLE ? 1 : problem->classes); c++) {
        const struct component *component = &workspace->components[c];
        if (component->share == 0 || component->absent)
            continue;
        parts[count++] = class_part(problem, component, c, scale * component->share, &own);
        sum += own;
    }
    if (problem->mode != MODE_SINGLE)
        *common = variance < sum ? mlg_family_trust(&carry) * (variance - sum) : variance - sum;
    return count;
}

static int give_variance(const struct problem *problem, const struct workspace *workspace,
                         const double *gradient, struct mlg_evidence *evidence, struct mlg_arena *arena,
                         struct mlg_error *error)
{
    struct mlg_family_part *parts = MLG_NEW_ARRAY(arena, struct mlg_family_part, problem->classes + 1);
    const struct weighing weighing = weigh(problem, 0, true);
    struct powers powers = {0};
    double variance = 0, common;
    if (!parts)
        return mlg_error_set(error, MLG_LIMIT, "no memory for the bounds of a value");
    for (size_t i = 0; i < problem->classes * problem->classes; i++) {
        variance += problem->weight2[i] * gradient[i] * gradient[i];
        add_powers(&powers, problem->cells[i] / weighing.weight, gradient[i] * weighing.weight);
    }
    const struct mlg_family_carry carry = carry_of(&powers, effective(weighing));
    const size_t count = parts_of(problem, workspace, evidence->value, variance, carry, parts, &common);
    const double rows = (double)problem->rows;
    evidence->standard_error =
        sqrt(problem->weighted && rows > 1 ? variance * (rows / (rows - 1)) : variance);
    return mlg_family_parts(evidence, problem->weighted ? MLG_METHOD_LINEARISED : MLG_METHOD_DELTA, parts,
                            count, common, NULL, arena, error);
}

static void give_influence(const struct problem *problem, const size_t *place, const double *gradient,
                           const struct mlg_view *view, double *influence)
{
    const struct mlg_rows *kept = &view->scan->kept;
    size_t count;
    const uint32_t *index = mlg_scan_rows(view->scan, view->slicing, view->slice, &count);
    for (size_t i = 0; i < count; i++) {
        const size_t row = index ? index[i] : i;
        const size_t label = kept->label ? place[kept->label[row]] : place[0];
        influence[i] =
            mlg_family_weight(kept, row) * gradient[label * problem->classes + place[kept->prediction[row]]];
    }
}

static void tell_absent(const struct problem *problem, const struct workspace *workspace,
                        struct mlg_evidence *evidence)
{
    size_t absent = 0, first = 0;
    for (size_t c = problem->classes; problem->declared && c-- > 0;)
        if (workspace->components[c].absent) {
            absent++;
            first = c;
        }
    if (absent == 1)
        mlg_family_note(evidence, "class '%.60s' is declared, but no row has it: it counts as 0",
                        class_name(problem, first));
    else if (absent > 1)
        mlg_family_note(evidence,
                        "class '%.60s' and %zu more are declared, but no row has them: they count as 0",
                        class_name(problem, first), absent - 1);
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
    if (problem.mode == MODE_BALANCED) {
        evidence->classes = problem.labelled;
        evidence->minimum = problem.adjusted ? -1 / ((double)problem.labelled - 1) : 0;
    }
    refuse_undefined(&problem, &workspace, evidence);
    if (evidence->kind == MLG_UNDEFINED)
        return MLG_OK;
    tell_absent(&problem, &workspace, evidence);
    bool proportion = false;
    if (!problem.weighted) {
        proportion = count_rows(&problem, &evidence->numerator, &evidence->denominator);
        if (!value_exactly(&problem, &workspace, evidence, view->scratch))
            return mlg_error_set(error, MLG_LIMIT, "no memory to count %zu classes", problem.classes);
    }
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

/* Of a constant answer it is 0/0; of answers at random it is 0 but for chance. */
static int mcc_constant(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                        struct mlg_error *error)
{
    int code = counts_evaluate(call, view, evidence, NULL, error);
    if (code != MLG_OK || evidence->kind == MLG_UNDEFINED)
        return code;
    const uint64_t rows = evidence->n;
    mlg_family_begin(call, evidence);
    evidence->n = rows;
    evidence->denominator = 1;
    mlg_family_note(evidence, "answering at random");
    return MLG_OK;
}

/* ---- rows --------------------------------------------------------------------------------------- */

static const char *const average_class[] = {"average", "class", NULL};
static const char *const only_class[] = {"class", NULL};
static const char *const beta_average_class[] = {"beta", "average", "class", NULL};
static const char *const only_adjusted[] = {"adjusted", NULL};
static const char *const only_weights[] = {"weights", NULL};

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define AVERAGED                                                                                             \
    "; with more than two classes the mean over the classes (average=), or of one class (class=); with "     \
    "average=macro a class that 'labels' of the source lists counts as 0 where no row has it"

#define ON_COUNTS .plan = counts_plan, .evaluate = counts_evaluate, .constant = counts_constant
#define COUNTS .reads = MLG_READS_LABEL | MLG_READS_PREDICTION, ON_COUNTS
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
    ON_COUNTS,
    .reads = MLG_READS_PREDICTION,
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

/* Chance is 0 once adjusted, and worse than chance at least -1 with two classes. */
static void balanced_range(const struct mlg_call *call, const struct mlg_data *data, double *minimum,
                           double *maximum)
{
    (void)data;
    *minimum = call->arguments.adjusted ? -1 : 0;
    *maximum = 1;
}

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
    .range = balanced_range,
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
    .reads = MLG_READS_LABEL | MLG_READS_PREDICTION,
    .plan = counts_plan,
    .evaluate = counts_evaluate,
    .constant = mcc_constant,
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
