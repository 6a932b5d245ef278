/* disparity_labels: how the labels of the groups differ, before any model: counts of label per group. */
#include <math.h>
#include <string.h>

#include "disparity_private.h"

static int no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory to compare the labels of groups");
}

/* ---- shares of the classes ------------------------------------------------------------------------ */

/* Label counts: [group * classes + class], and each group's total; weights where there are any. */
struct labels {
    size_t groups, classes;
    double *counts, *totals;
    bool counted; /* whole rows, independent */
};

static int read_labels(const struct mlg_setting *setting, struct labels *labels,
                       struct mlg_evidence *evidence, struct mlg_error *error)
{
    const struct mlg_scan *scan = setting->view->scan;
    const size_t groups = setting->groups->count, classes = scan->classes.count;
    *labels =
        (struct labels){groups, classes, MLG_NEW_ARRAY(setting->arena, double, groups *classes),
                        MLG_NEW_ARRAY(setting->arena, double, groups), !scan->weighted && !scan->clustered};
    if (!labels->counts || !labels->totals)
        return no_memory(error);
    for (size_t g = 0; g < groups; g++) {
        const struct mlg_view view = mlg_group_view(setting, g);
        const struct mlg_tally *tally = mlg_scan_tally(scan, view.slicing, view.slice);
        if (!tally || !tally->count)
            return mlg_error_set(error, MLG_INTERNAL, "the labels of groups were not planned");
        for (size_t y = 0; y < classes; y++)
            for (size_t p = 0; p < classes; p++) {
                const size_t at = y * classes + p;
                labels->counts[g * classes + y] +=
                    tally->weight ? tally->weight[at] : (double)tally->count[at];
            }
        for (size_t y = 0; y < classes; y++)
            labels->totals[g] += labels->counts[g * classes + y];
        evidence->n += tally->rows;
        if (!(labels->totals[g] > 0))
            return mlg_evidence_undefined(evidence, "%s has no rows", mlg_group_name(setting, g));
    }
    return MLG_OK;
}

static double share(const struct labels *labels, size_t group, size_t class)
{
    return labels->counts[group * labels->classes + class] / labels->totals[group];
}

/* One panel per set of classes: the groups' shares of labels in the set. The first class is in no set: a set
 * and what is left of it lie equally far apart. */
static int compare_sets(const struct mlg_setting *setting, const struct labels *labels, const uint32_t *sets,
                        size_t set_count, struct mlg_evidence *evidence, struct mlg_error *error)
{
    struct mlg_panel *panels = MLG_NEW_ARRAY(setting->arena, struct mlg_panel, set_count);
    struct mlg_member *members = MLG_NEW_ARRAY(setting->arena, struct mlg_member, set_count * labels->groups);
    static const struct mlg_evidence bare = {.kind = MLG_VALUE_ONLY, .method = MLG_METHOD_NONE};
    if (!panels || !members)
        return no_memory(error);
    for (size_t s = 0; s < set_count; s++) {
        panels[s] = (struct mlg_panel){.members = members + s * labels->groups, .count = labels->groups};
        for (size_t g = 0; g < labels->groups; g++) {
            struct mlg_member *member = &members[s * labels->groups + g];
            member->counted = labels->counted;
            member->evidence = &bare;
            member->rate.trials = labels->totals[g];
            for (size_t y = 0; y < labels->classes; y++)
                if (sets[s] >> y & 1U)
                    member->rate.successes += labels->counts[g * labels->classes + y];
            member->value = member->rate.successes / member->rate.trials;
        }
    }
    struct mlg_comparison comparison = mlg_disparity_comparison(setting);
    comparison.panels = panels;
    comparison.panel_count = set_count;
    return mlg_compare(&comparison, evidence, setting->arena, error);
}

enum { SET_CLASSES = 6, SETS = 1 << (SET_CLASSES - 1), SINGLE_CLASSES = 32 };

static bool has_one_class(const struct labels *labels, struct mlg_evidence *evidence)
{
    if (labels->classes < 2)
        mlg_evidence_undefined(evidence, "all labels are alike");
    return labels->classes < 2;
}

/* The largest distance between the shares of one class. */
static int evaluate_ks(const struct mlg_setting *setting, struct mlg_evidence *evidence,
                       struct mlg_error *error)
{
    struct labels labels;
    uint32_t sets[SINGLE_CLASSES];
    size_t count = 0;
    int code = read_labels(setting, &labels, evidence, error);
    if (code != MLG_OK || evidence->kind == MLG_UNDEFINED)
        return code;
    if (labels.classes > SINGLE_CLASSES)
        return mlg_evidence_undefined(evidence, "labels have more than %d classes", (int)SINGLE_CLASSES);
    if (has_one_class(&labels, evidence))
        return MLG_OK;
    for (size_t y = labels.classes == 2 ? 1 : 0; y < labels.classes; y++)
        sets[count++] = 1U << y;
    return compare_sets(setting, &labels, sets, count, evidence, error);
}

/* ---- distances of two distributions ---------------------------------------------------------------- */

typedef double (*distance_of)(const struct labels *labels, size_t a, size_t b);

static double variation(const struct labels *labels, size_t a, size_t b)
{
    double sum = 0;
    for (size_t y = 0; y < labels->classes; y++)
        sum += fabs(share(labels, a, y) - share(labels, b, y));
    return sum / 2;
}

/* sum of p ln(p/q): infinite where b has none of a class that a has. */
static double divergence(const struct labels *labels, size_t a, size_t b)
{
    double sum = 0;
    for (size_t y = 0; y < labels->classes; y++) {
        const double p = share(labels, a, y), q = share(labels, b, y);
        if (p > 0)
            sum += q > 0 ? p * log(p / q) : (double)INFINITY;
    }
    return fmax(0, sum);
}

static double half_to_middle(double p, double q)
{
    return p > 0 ? p * log(2 * p / (p + q)) : 0;
}

static double jensen_shannon(const struct labels *labels, size_t a, size_t b)
{
    double sum = 0;
    for (size_t y = 0; y < labels->classes; y++) {
        const double p = share(labels, a, y), q = share(labels, b, y);
        sum += half_to_middle(p, q) / 2 + half_to_middle(q, p) / 2;
    }
    return fmax(0, sum);
}

static int evaluate_distance(const struct mlg_setting *setting, distance_of distance,
                             struct mlg_evidence *evidence, struct mlg_error *error)
{
    struct labels labels;
    int code = read_labels(setting, &labels, evidence, error);
    if (code != MLG_OK || evidence->kind == MLG_UNDEFINED)
        return code;
    evidence->value = 0;
    for (size_t a = 0; a < labels.groups; a++)
        for (size_t b = 0; b < labels.groups; b++) {
            const double one = distance(&labels, a, b);
            if (isinf(one))
                return mlg_evidence_undefined(evidence, "%s has none of a label that %s has: infinitely far",
                                              mlg_group_name(setting, b), mlg_group_name(setting, a));
            evidence->value = fmax(evidence->value, one);
        }
    return MLG_OK;
}

static int evaluate_kl(const struct mlg_setting *setting, struct mlg_evidence *evidence,
                       struct mlg_error *error)
{
    return evaluate_distance(setting, divergence, evidence, error);
}

static int evaluate_js(const struct mlg_setting *setting, struct mlg_evidence *evidence,
                       struct mlg_error *error)
{
    return evaluate_distance(setting, jensen_shannon, evidence, error);
}

/* The total variation is the largest distance over all sets of classes: with a few classes, a comparison of
 * rates like any other. */
static int evaluate_tvd(const struct mlg_setting *setting, struct mlg_evidence *evidence,
                        struct mlg_error *error)
{
    struct labels labels;
    struct mlg_evidence fresh = *evidence;
    uint32_t sets[SETS];
    size_t count = 0;
    int code = read_labels(setting, &labels, &fresh, error);
    if (code != MLG_OK || fresh.kind == MLG_UNDEFINED) {
        *evidence = fresh;
        return code;
    }
    if (labels.classes > SET_CLASSES)
        return evaluate_distance(setting, variation, evidence, error);
    *evidence = fresh;
    if (has_one_class(&labels, evidence))
        return MLG_OK;
    for (uint32_t set = 1; set < 1U << (labels.classes - 1); set++)
        sets[count++] = set << 1; /* the first class stays outside */
    return compare_sets(setting, &labels, sets, count, evidence, error);
}

/* ---- sizes of groups -------------------------------------------------------------------------------- */

/* (a - b) / (a + b) = 2 s - 1, s the share of a among both: of the largest group and the smallest. */
struct imbalance {
    const double *sizes;
    size_t count;
    double claims;
};

static int imbalance_bounds(const void *opaque, double confidence, double multiplier, double *lower,
                            double *upper)
{
    const struct imbalance *state = opaque;
    double most = state->sizes[0], least = state->sizes[0];
    for (size_t i = 1; i < state->count; i++) {
        most = fmax(most, state->sizes[i]);
        least = fmin(least, state->sizes[i]);
    }
    /* Both bounds of 2 s - 1 rise with a larger group and fall with a smaller one: the extremes decide. */
    const struct mlg_rate rate = {most * multiplier, (most + least) * multiplier};
    *upper = 2 * mlg_wilson(rate, confidence).upper - 1;
    *lower = fmax(0, 2 * mlg_wilson(rate, 1 - (1 - confidence) / state->claims).lower - 1);
    return 0;
}

static int evaluate_imbalance(const struct mlg_setting *setting, struct mlg_evidence *evidence,
                              struct mlg_error *error)
{
    const size_t count = setting->groups->count;
    double *sizes = MLG_NEW_ARRAY(setting->arena, double, count);
    struct imbalance *state = MLG_NEW(setting->arena, struct imbalance);
    double most = 0, least = (double)INFINITY;
    if (!sizes || !state)
        return no_memory(error);
    for (size_t g = 0; g < count; g++) {
        const struct mlg_view view = mlg_group_view(setting, g);
        sizes[g] = (double)view.scan->slicings[view.slicing].items[view.slice].rows;
        most = fmax(most, sizes[g]);
        least = fmin(least, sizes[g]);
        evidence->n += (uint64_t)sizes[g];
    }
    evidence->value = (most - least) / (most + least);
    evidence->numerator = (uint64_t)(most - least);
    evidence->denominator = (uint64_t)(most + least);
    if (setting->view->scan->clustered)
        return MLG_OK;
    *state = (struct imbalance){sizes, count, (double)count * (double)(count - 1)};
    evidence->kind = MLG_BOUNDS;
    evidence->method = MLG_METHOD_WILSON;
    evidence->bounds = imbalance_bounds;
    evidence->state = state;
    return MLG_OK;
}

/* ---- rows --------------------------------------------------------------------------------------- */

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define KERNEL(...)                                                                                          \
    .kernel = &(const struct mlg_disparity_kernel)                                                           \
    {                                                                                                        \
        .form = MLG_FORM_DIFFERENCE, .largest = true, __VA_ARGS__                                            \
    }
#define LABELS .tally = true, .reads = MLG_READS_LABEL
#define ATTRIBUTE .params = mlg_disparity_params, .arguments = NAMES("attribute")

const struct mlg_metric mlg_disparity_class_imbalance = {
    .name = "class_imbalance",
    .about = "how unequal in size the largest and the smallest group are: of the data, not of the model",
    .definition = "(largest - smallest) / (largest + smallest) number of rows",
    .undefined_when = "there is one group alone",
    .source = "SageMaker Clarify CI, between two groups",
    ATTRIBUTE,
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_WILSON,
    KERNEL(.reads = MLG_READS_LABEL, .evaluate = evaluate_imbalance),
};

const struct mlg_metric mlg_disparity_label_kl = {
    .name = "label_kl",
    .about = "Kullback-Leibler divergence between the labels of two groups: the largest over ordered pairs",
    .definition = "largest sum over classes of p ln(p/q), p and q the shares in the two groups",
    .undefined_when = "a group has none of a label that another has",
    .source = "SageMaker Clarify KL (which drops such labels, and may fall below 0)",
    ATTRIBUTE,
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_NONE,
    KERNEL(LABELS, .evaluate = evaluate_kl),
};

const struct mlg_metric mlg_disparity_label_js = {
    .name = "label_js",
    .about = "Jensen-Shannon divergence between the labels of two groups: the largest over pairs",
    .definition = "largest (KL(p, m) + KL(q, m)) / 2, m = (p + q) / 2; natural logarithm",
    .undefined_when = "there is one group alone",
    .source = "SageMaker Clarify JS",
    ATTRIBUTE,
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = 0.6931471805599453,
    .method = MLG_METHOD_NONE,
    KERNEL(LABELS, .evaluate = evaluate_js),
};

const struct mlg_metric mlg_disparity_label_tvd = {
    .name = "label_tvd",
    .about = "total variation distance between the labels of two groups: the largest over pairs",
    .definition = "largest (sum over classes of |p - q|) / 2",
    .undefined_when = "all labels are alike, or there is one group alone",
    .source = "SageMaker Clarify TVD",
    ATTRIBUTE,
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_NEWCOMBE,
    KERNEL(LABELS, .evaluate = evaluate_tvd),
};

const struct mlg_metric mlg_disparity_label_ks = {
    .name = "label_ks",
    .about = "the largest difference between two groups in the share of one label",
    .definition = "largest |p - q| over classes and pairs of groups",
    .undefined_when = "all labels are alike, or there is one group alone",
    .source = "SageMaker Clarify KS",
    ATTRIBUTE,
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_NEWCOMBE,
    KERNEL(LABELS, .evaluate = evaluate_ks),
};
