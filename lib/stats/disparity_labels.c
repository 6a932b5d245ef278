/* disparity_labels: how the labels of the groups differ, before any model: counts of label per group. */
#include <math.h>
#include <string.h>

#include "disparity_private.h"
#include "mlgate/distribution.h"

static int no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory to compare the labels of groups");
}

/* ---- shares of the classes ------------------------------------------------------------------------ */

/* Label counts: [group * classes + class], and each group's total; weights where there are any. */
struct labels {
    size_t groups, classes;
    double *counts, *totals;
    bool counted;   /* whole rows, independent */
    uint64_t *rows; /* of each group */
};

static int read_labels(const struct mlg_setting *setting, struct labels *labels,
                       struct mlg_evidence *evidence, struct mlg_error *error)
{
    const struct mlg_scan *scan = setting->view->scan;
    const size_t groups = setting->groups->count, classes = scan->classes.count;
    *labels = (struct labels){groups,
                              classes,
                              MLG_NEW_ARRAY(setting->arena, double, groups *classes),
                              MLG_NEW_ARRAY(setting->arena, double, groups),
                              !scan->weighted && !scan->clustered,
                              MLG_NEW_ARRAY(setting->arena, uint64_t, groups)};
    if (!labels->counts || !labels->totals || !labels->rows)
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
        labels->rows[g] = tally->rows;
        evidence->n += tally->rows;
        if (!(labels->totals[g] > 0))
            return mlg_evidence_undefined(evidence, "%s has no rows%s", mlg_group_name(setting, g),
                                          scan->weighted ? " of a weight above 0" : "");
    }
    return MLG_OK;
}

static double share(const struct labels *labels, size_t group, size_t class)
{
    return labels->counts[group * labels->classes + class] / labels->totals[group];
}

/* "share of 'good' or 'fair'"; of the positive class alone its name as a quantity. */
static const char *name_set(const struct mlg_setting *setting, uint32_t set, size_t classes)
{
    const struct mlg_classes *all = &setting->view->scan->classes;
    const char *name = NULL;
    if (all->positive >= 0 && all->positive < 32 && set == 1U << all->positive)
        return "base_rate";
    for (size_t y = 0; y < classes; y++)
        if (set >> y & 1U)
            name = mlg_arena_format(setting->arena, "%s%s'%.60s'", name ? name : "share of ",
                                    name ? " or " : "", all->names[y]);
    return name;
}

/* One panel per set of classes: the groups' shares of labels in the set. The first class is in no set: a set
 * and what is left of it lie equally far apart. */
static int compare_sets(const struct mlg_setting *setting, const struct labels *labels, const uint32_t *sets,
                        size_t set_count, struct mlg_evidence *evidence, struct mlg_error *error)
{
    struct mlg_panel *panels = MLG_NEW_ARRAY(setting->arena, struct mlg_panel, set_count);
    struct mlg_member *members = MLG_NEW_ARRAY(setting->arena, struct mlg_member, set_count * labels->groups);
    static const struct mlg_evidence bare = {.kind = MLG_VALUE_ONLY, .method = MLG_METHOD_NONE};
    struct mlg_shown *shown = setting->shown;
    if (!panels || !members || !mlg_show_parts(setting, set_count))
        return no_memory(error);
    for (size_t s = 0; s < set_count; s++) {
        shown->names[s] = name_set(setting, sets[s], labels->classes);
        if (!shown->names[s])
            return no_memory(error);
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
            shown->parts[s][g] =
                mlg_show_share(member->rate.successes, member->rate.trials, labels->counted, labels->rows[g]);
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

/* Of two classes the positive one is counted, where that is known. */
static void name_positive(const struct mlg_setting *setting, const struct labels *labels, uint32_t *sets)
{
    if (labels->classes == 2 && setting->view->scan->classes.positive >= 0)
        sets[0] = 1U << setting->view->scan->classes.positive;
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
    name_positive(setting, &labels, sets);
    return compare_sets(setting, &labels, sets, count, evidence, error);
}

/* ---- distances of two distributions ---------------------------------------------------------------- */

struct distance {
    double (*of)(const struct labels *labels, size_t a, size_t b);
    /* The square of the error of the distance's root, of as many rows as there are; NULL: none is known. */
    double (*error)(const struct labels *labels, size_t a, size_t b, double distance);
    bool is_ordered; /* of b from a it is another one */
};

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

/* ---- bounds of divergences --------------------------------------------------------------------------- */

/* The root of a divergence is, near 0, the length of a normal vector with one dimension less than there are
 * classes and the same error in each; far from 0 its error is the delta method's. The larger of both is
 * taken.
 *
 * upper   a length is no shorter than its part along the truth: normal quantile
 * lower   nor shorter than the truth less the length of the error: quantile of chi, which holds at 0 too
 *
 * Where few rows have a label neither is a good approximation, and there are no bounds. Simulated: errors of
 * 1.2 alpha at most at 0.05, of 1.5 at 0.005; docs/fairness.md. */
enum { LEAST_OF_A_LABEL = 10, MOST_GROUPS = 1000 };

/* Derivatives of sum p ln(p/q): ln(p/q) by p, -p/q by q. */
static double divergence_error(const struct labels *labels, size_t a, size_t b, double distance)
{
    double by_p = 0, by_q = 0;
    for (size_t y = 0; y < labels->classes; y++) {
        const double p = share(labels, a, y), q = share(labels, b, y);
        if (!(p > 0))
            continue;
        by_p += p * log(p / q) * log(p / q);
        by_q += p * p / q;
    }
    const double variance = (by_p - distance * distance) / labels->totals[a] + (by_q - 1) / labels->totals[b];
    const double near = (1 / labels->totals[a] + 1 / labels->totals[b]) / 2;
    return fmax(near, distance > 0 ? variance / (4 * distance) : 0);
}

/* Derivatives of the mean of both divergences from the middle m: ln(p/m) / 2 by p, ln(q/m) / 2 by q. */
static double jensen_shannon_error(const struct labels *labels, size_t a, size_t b, double distance)
{
    const size_t sides[2] = {a, b};
    double variance = 0;
    for (size_t i = 0; i < 2; i++) {
        double mean = 0, square = 0;
        for (size_t y = 0; y < labels->classes; y++) {
            const double p = share(labels, sides[i], y), q = share(labels, sides[1 - i], y);
            const double slope = p > 0 ? log(2 * p / (p + q)) / 2 : 0;
            mean += p * slope;
            square += p * slope * slope;
        }
        variance += (square - mean * mean) / labels->totals[sides[i]];
    }
    const double near = (1 / labels->totals[a] + 1 / labels->totals[b]) / 8;
    return fmax(near, distance > 0 ? variance / (4 * distance) : 0);
}

/* The probability that the length of so many independent standard normals is above x. */
static double chi_above(double x, size_t dimensions)
{
    const double half = x * x / 2, pi = 3.14159265358979323846;
    const bool odd = dimensions % 2 == 1;
    double term = odd ? exp(-half) * 2 * sqrt(half / pi) : exp(-half);
    double sum = odd ? 2 * mlg_normal_cdf(-x) : 0;
    for (size_t i = 0; 2 * i + 2 + odd <= dimensions; i++) {
        sum += term;
        term *= half / ((double)i + 1 + odd * 0.5);
    }
    return sum;
}

static double chi_quantile_above(double probability, size_t dimensions)
{
    enum { HALVINGS = 200 };
    double low = 0, high = sqrt((double)dimensions) + 40;
    for (int i = 0; i < HALVINGS; i++) {
        const double middle = (low + high) / 2;
        if (chi_above(middle, dimensions) > probability)
            low = middle;
        else
            high = middle;
    }
    return high;
}

struct divergences {
    double *roots, *errors; /* of each pair */
    size_t pairs, dimensions;
};

static int divergence_bounds(const void *opaque, double confidence, double multiplier, double *lower,
                             double *upper)
{
    const struct divergences *state = opaque;
    const double along = mlg_normal_quantile(confidence);
    const double around = chi_quantile_above((1 - confidence) / (double)state->pairs, state->dimensions);
    double least = 0, most = 0;
    for (size_t i = 0; i < state->pairs; i++) {
        const double error = state->errors[i] / sqrt(multiplier);
        least = fmax(least, state->roots[i] - around * error);
        most = fmax(most, state->roots[i] + along * error);
    }
    *lower = least * least;
    *upper = most * most;
    return 0;
}

/* Has every group enough rows of every label? */
static bool has_enough(const struct mlg_setting *setting, const struct labels *labels, size_t *dimensions,
                       struct mlg_evidence *evidence)
{
    size_t present = 0;
    for (size_t y = 0; y < labels->classes; y++) {
        double all = 0;
        for (size_t g = 0; g < labels->groups; g++)
            all += labels->counts[g * labels->classes + y];
        present += all > 0;
        for (size_t g = 0; g < labels->groups && all > 0; g++) {
            const double rows = labels->counts[g * labels->classes + y];
            if (rows >= LEAST_OF_A_LABEL)
                continue;
            mlg_family_bare(evidence, "%s has %.0f %s labelled '%.60s', and bounds need %d: bring more rows",
                            mlg_group_name(setting, g), rows, mlg_plural((uint64_t)rows, "row", "rows"),
                            setting->view->scan->classes.names[y], (int)LEAST_OF_A_LABEL);
            return false;
        }
    }
    *dimensions = present > 1 ? present - 1 : 1;
    return true;
}

static int bound_distances(const struct mlg_setting *setting, const struct labels *labels,
                           const struct distance *distance, struct mlg_evidence *evidence,
                           struct mlg_error *error)
{
    const size_t groups = labels->groups;
    struct divergences *state = MLG_NEW(setting->arena, struct divergences);
    if (!distance->error || !labels->counted || groups > MOST_GROUPS)
        return MLG_OK;
    if (!state)
        return no_memory(error);
    if (!has_enough(setting, labels, &state->dimensions, evidence))
        return MLG_OK;
    state->roots = MLG_NEW_ARRAY(setting->arena, double, groups *groups);
    state->errors = MLG_NEW_ARRAY(setting->arena, double, groups *groups);
    if (!state->roots || !state->errors)
        return no_memory(error);
    for (size_t a = 0; a < groups; a++)
        for (size_t b = distance->is_ordered ? 0 : a + 1; b < groups; b++) {
            if (a == b)
                continue;
            const double one = distance->of(labels, a, b);
            state->roots[state->pairs] = sqrt(one);
            state->errors[state->pairs++] = sqrt(distance->error(labels, a, b, one));
        }
    evidence->kind = MLG_BOUNDS;
    evidence->method = MLG_METHOD_DELTA;
    evidence->bounds = divergence_bounds;
    evidence->state = state;
    return MLG_OK;
}

/* The share that tells the two groups apart most: of the positive class where there are two. */
static int show_labels(const struct mlg_setting *setting, const struct labels *labels, size_t from, size_t to,
                       struct mlg_error *error)
{
    struct mlg_shown *shown = setting->shown;
    const int64_t positive = setting->view->scan->classes.positive;
    size_t class = 0;
    if (!mlg_show_parts(setting, 1))
        return no_memory(error);
    for (size_t y = 1; y < labels->classes; y++)
        if (fabs(share(labels, from, y) - share(labels, to, y)) >
            fabs(share(labels, from, class) - share(labels, to, class)))
            class = y;
    class = labels->classes == 2 && positive >= 0 ? (size_t)positive : class;
    shown->names[0] = class < 32 ? name_set(setting, 1U << class, labels->classes) : "share of a label";
    for (size_t g = 0; g < labels->groups; g++)
        shown->parts[0][g] = mlg_show_share(labels->counts[g * labels->classes + class], labels->totals[g],
                                            labels->counted, labels->rows[g]);
    shown->has_pair = from != to;
    shown->a = from;
    shown->b = to;
    return shown->names[0] ? MLG_OK : no_memory(error);
}

static int evaluate_distance(const struct mlg_setting *setting, const struct distance *distance,
                             struct mlg_evidence *evidence, struct mlg_error *error)
{
    struct labels labels;
    size_t from = 0, to = 0;
    int code = read_labels(setting, &labels, evidence, error);
    if (code != MLG_OK || evidence->kind == MLG_UNDEFINED)
        return code;
    evidence->value = 0;
    double *apart = setting->shown->apart = MLG_NEW_ARRAY(setting->arena, double, labels.groups);
    if (!apart)
        return no_memory(error);
    for (size_t a = 0; a < labels.groups; a++)
        for (size_t b = 0; b < labels.groups; b++) {
            const double one = distance->of(&labels, a, b);
            if (isinf(one))
                return mlg_evidence_undefined(evidence, "%s has none of a label that %s has: infinitely far",
                                              mlg_group_name(setting, b), mlg_group_name(setting, a));
            apart[a] = fmax(apart[a], one);
            apart[b] = fmax(apart[b], one);
            if (one > evidence->value) {
                evidence->value = one;
                from = a;
                to = b;
            }
        }
    code = show_labels(setting, &labels, from, to, error);
    if (code != MLG_OK)
        return code;
    return bound_distances(setting, &labels, distance, evidence, error);
}

static int evaluate_kl(const struct mlg_setting *setting, struct mlg_evidence *evidence,
                       struct mlg_error *error)
{
    static const struct distance kl = {divergence, divergence_error, true};
    return evaluate_distance(setting, &kl, evidence, error);
}

static int evaluate_js(const struct mlg_setting *setting, struct mlg_evidence *evidence,
                       struct mlg_error *error)
{
    static const struct distance js = {jensen_shannon, jensen_shannon_error, false};
    return evaluate_distance(setting, &js, evidence, error);
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
    static const struct distance apart = {variation, NULL, false};
    if (labels.classes > SET_CLASSES)
        return evaluate_distance(setting, &apart, evidence, error);
    *evidence = fresh;
    if (has_one_class(&labels, evidence))
        return MLG_OK;
    for (uint32_t set = 1; set < 1U << (labels.classes - 1); set++)
        sets[count++] = set << 1; /* the first class stays outside */
    name_positive(setting, &labels, sets);
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

/* Each group's share of the rows. */
static int show_sizes(const struct mlg_setting *setting, const double *sizes, double all,
                      struct mlg_error *error)
{
    const size_t count = setting->groups->count;
    struct mlg_shown *shown = setting->shown;
    shown->apart = MLG_NEW_ARRAY(setting->arena, double, count);
    if (!shown->apart || !mlg_show_parts(setting, 1))
        return no_memory(error);
    shown->names[0] = "share of rows";
    for (size_t g = 0; g < count; g++) {
        shown->parts[0][g] = mlg_show_share(sizes[g], all, true, (uint64_t)sizes[g]);
        shown->a = sizes[g] > sizes[shown->a] ? g : shown->a;
        shown->b = sizes[g] < sizes[shown->b] ? g : shown->b;
    }
    shown->has_pair = shown->a != shown->b;
    const double most = sizes[shown->a], least = sizes[shown->b];
    for (size_t g = 0; g < count; g++)
        shown->apart[g] =
            fmax((most - sizes[g]) / (most + sizes[g]), (sizes[g] - least) / (sizes[g] + least));
    return MLG_OK;
}

static int evaluate_imbalance(const struct mlg_setting *setting, struct mlg_evidence *evidence,
                              struct mlg_error *error)
{
    const size_t count = setting->groups->count;
    double *sizes = MLG_NEW_ARRAY(setting->arena, double, count);
    struct imbalance *state = MLG_NEW(setting->arena, struct imbalance);
    double most = 0, least = (double)INFINITY;
    int code;
    if (!sizes || !state)
        return no_memory(error);
    for (size_t g = 0; g < count; g++) {
        const struct mlg_view view = mlg_group_view(setting, g);
        sizes[g] = (double)view.scan->slicings[view.slicing].items[view.slice].rows;
        most = fmax(most, sizes[g]);
        least = fmin(least, sizes[g]);
        evidence->n += (uint64_t)sizes[g];
    }
    code = show_sizes(setting, sizes, (double)evidence->n, error);
    if (code != MLG_OK)
        return code;
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
    .definition = "(largest - smallest) / (largest + smallest) number of rows, whatever their weights",
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
    .method = MLG_METHOD_DELTA,
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
    .method = MLG_METHOD_DELTA,
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
