/* disparity_benefits: how unevenly errors fall, as inequality of a benefit, and two comparisons of counts
 * that are no plain rates.
 *
 * A row's benefit is prediction - label + 1: 0 for a missed positive, 1 where the model is right, 2 for a
 * false alarm. Values are functions of cell counts that do not change when all cells are scaled, so that with
 * G the gradient by cell the variance is the sum of (sum of squared weights of the cell) * G^2. */
#include <math.h>
#include <string.h>

#include "disparity_private.h"
#include "mlgate/distribution.h"

/* ---- inequality ---------------------------------------------------------------------------------- */

/* Rows (or weight) with one benefit. */
struct portion {
    double weight, weight2, benefit;
};

/* Generalized entropy of index alpha, and its derivative by the weight of each portion. NaN: a logarithm or a
 * negative power of a benefit of 0. */
static double entropy(const struct portion *portions, size_t count, double alpha, double *gradient)
{
    double all = 0, sum = 0, powers = 0, logs = 0;
    for (size_t i = 0; i < count; i++) {
        const double b = portions[i].benefit, w = portions[i].weight;
        if (w <= 0)
            continue;
        if (b <= 0 && alpha <= 0)
            return (double)NAN;
        all += w;
        sum += w * b;
        powers += w * (b > 0 ? pow(b, alpha) : 0);
        logs += w * (alpha == 1 ? (b > 0 ? b * log(b) : 0) : b > 0 ? log(b) : 0);
    }
    const double mean = sum / all, power = powers / all, logarithm = logs / all;
    if (!(mean > 0))
        return (double)NAN;
    for (size_t i = 0; gradient && i < count; i++) {
        const double b = portions[i].benefit;
        double g;
        if (alpha == 1)
            g = ((b > 0 ? b * log(b) : 0) - logarithm) / mean - logarithm * (b - mean) / (mean * mean) -
                (b - mean) / mean;
        else if (alpha == 0)
            g = (b - mean) / mean - ((b > 0 ? log(b) : 0) - logarithm);
        else
            g = (((b > 0 ? pow(b, alpha) : 0) - power) / pow(mean, alpha) -
                 alpha * power * (b - mean) / pow(mean, alpha + 1)) /
                (alpha * (alpha - 1));
        gradient[i] = g / all;
    }
    if (alpha == 1)
        return logarithm / mean - log(mean);
    if (alpha == 0)
        return log(mean) - logarithm;
    return (power / pow(mean, alpha) - 1) / (alpha * (alpha - 1));
}

static void portions_of(const struct mlg_square *square, struct portion portions[3])
{
    portions[0] = (struct portion){square->fn, square->fn2, 0};
    portions[1] = (struct portion){square->tp + square->tn, square->tp2 + square->tn2, 1};
    portions[2] = (struct portion){square->fp, square->fp2, 2};
}

/* Where every row has the same benefit the variance is 0, which proves nothing: what the rows do not rule out
 * is the share of errors that Clopper and Pearson's bound of none among so many allows, all of them misses or
 * all of them false alarms. */
struct flawless {
    double rows, alpha;
};

static int flawless_bounds(const void *opaque, double confidence, double multiplier, double *lower,
                           double *upper)
{
    const struct flawless *state = opaque;
    const double share =
        mlg_clopper_pearson((struct mlg_rate){0, state->rows * multiplier}, confidence).upper;
    const struct portion misses[2] = {{share, 0, 0}, {1 - share, 0, 1}};
    const struct portion alarms[2] = {{1 - share, 0, 1}, {share, 0, 2}};
    const double a = entropy(misses, 2, state->alpha, NULL), b = entropy(alarms, 2, state->alpha, NULL);
    *lower = 0;
    *upper = isnan(a) ? (double)INFINITY : fmax(a, b);
    return 0;
}

static int no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory to compare groups");
}

static int tell_entropy(const struct mlg_setting *setting, double value, double variance, double alpha,
                        const struct mlg_square *all, bool is_flawless, struct mlg_evidence *evidence,
                        struct mlg_error *error)
{
    evidence->value = fmax(0, value);
    evidence->n = all->rows;
    mlg_disparity_normal(evidence, variance, all->rows);
    if (setting->view->scan->clustered) {
        evidence->kind = MLG_VALUE_ONLY;
        evidence->method = MLG_METHOD_NONE;
    } else if (is_flawless && !setting->view->scan->weighted) {
        struct flawless *state = MLG_NEW(setting->arena, struct flawless);
        if (!state)
            return no_memory(error);
        *state = (struct flawless){(double)all->rows, alpha};
        evidence->kind = MLG_BOUNDS;
        evidence->method = MLG_METHOD_CLOPPER_PEARSON;
        evidence->bounds = flawless_bounds;
        evidence->state = state;
    }
    return MLG_OK;
}

static int not_known(const struct mlg_setting *setting, struct mlg_evidence *evidence)
{
    mlg_family_positive_known(setting->view, evidence);
    return evidence->kind == MLG_UNDEFINED ? MLG_OK : mlg_evidence_undefined(evidence, "there are no rows");
}

static int evaluate_entropy(const struct mlg_setting *setting, double alpha, struct mlg_evidence *evidence,
                            struct mlg_error *error)
{
    struct mlg_square all;
    struct portion portions[3];
    double gradient[3], variance = 0;
    if (!mlg_group_square(setting, setting->groups->count, &all))
        return not_known(setting, evidence);
    portions_of(&all, portions);
    const double value = entropy(portions, 3, alpha, gradient);
    if (isnan(value))
        return mlg_evidence_undefined(evidence, "%s",
                                      all.fp + all.tp + all.tn > 0
                                          ? "some benefit is 0, and alpha is not above 0"
                                          : "every benefit is 0: all rows are missed positives");
    for (size_t i = 0; i < 3; i++)
        variance += portions[i].weight > 0 ? portions[i].weight2 * gradient[i] * gradient[i] : 0;
    return tell_entropy(setting, value, variance, alpha, &all, all.fp + all.fn <= 0, evidence, error);
}

static int evaluate_generalized(const struct mlg_setting *setting, struct mlg_evidence *evidence,
                                struct mlg_error *error)
{
    return evaluate_entropy(setting, setting->call->arguments.entropy_alpha, evidence, error);
}

static int evaluate_theil(const struct mlg_setting *setting, struct mlg_evidence *evidence,
                          struct mlg_error *error)
{
    return evaluate_entropy(setting, 1, evidence, error);
}

/* The same with every benefit replaced by its group's mean: a cell moves the mean of its group, and through
 * it the whole; by the chain rule with d mean / d weight = (benefit - mean) / weight of the group. */
static int evaluate_between(const struct mlg_setting *setting, struct mlg_evidence *evidence,
                            struct mlg_error *error)
{
    const size_t count = setting->groups->count;
    const double alpha = setting->call->arguments.entropy_alpha;
    struct mlg_square *squares = MLG_NEW_ARRAY(setting->arena, struct mlg_square, count);
    struct portion *means = MLG_NEW_ARRAY(setting->arena, struct portion, count);
    double *gradient = MLG_NEW_ARRAY(setting->arena, double, count);
    struct mlg_square all = {0};
    if (!squares || !means || !gradient)
        return no_memory(error);
    for (size_t g = 0; g < count; g++) {
        if (!mlg_group_square(setting, g, &squares[g]))
            return not_known(setting, evidence);
        const struct mlg_square *s = &squares[g];
        const double weight = s->tp + s->fp + s->fn + s->tn;
        means[g] = (struct portion){weight, 0, weight > 0 ? (s->tp + s->tn + 2 * s->fp) / weight : 1};
        all.rows += s->rows;
        all.fp += s->fp;
        all.fn += s->fn;
    }
    const double value = entropy(means, count, alpha, gradient);
    if (isnan(value))
        return mlg_evidence_undefined(evidence, "the mean benefit of a group is 0");
    double variance = 0;
    const double total = all.rows > 0 ? 1 : 0;
    for (size_t g = 0; g < count && total > 0; g++) {
        struct portion portions[3];
        portions_of(&squares[g], portions);
        const double m = means[g].benefit, w = means[g].weight;
        if (w <= 0)
            continue;
        /* d value / d mean of the group, by a difference: entropy is smooth in it. */
        const double step = 1e-6 * fmax(m, 1e-3);
        means[g].benefit = m + step;
        const double up = entropy(means, count, alpha, NULL);
        means[g].benefit = m - step;
        const double down = entropy(means, count, alpha, NULL);
        means[g].benefit = m;
        const double slope = isnan(up) || isnan(down) ? 0 : (up - down) / (2 * step);
        for (size_t i = 0; i < 3; i++) {
            const double one = gradient[g] + slope * (portions[i].benefit - m) / w;
            variance += portions[i].weight > 0 ? portions[i].weight2 * one * one : 0;
        }
    }
    return tell_entropy(setting, value, variance, alpha, &all, all.fp + all.fn <= 0, evidence, error);
}

/* ---- treatment equality --------------------------------------------------------------------------- */

/* False negatives per false positive: p / (1 - p), p the share of misses among the errors. */
static int odds_bounds(const void *opaque, double confidence, double multiplier, double *lower, double *upper)
{
    const struct mlg_rate *misses = opaque;
    const struct mlg_limits limits = mlg_clopper_pearson(
        (struct mlg_rate){misses->successes * multiplier, misses->trials * multiplier}, confidence);
    *lower = limits.lower / (1 - limits.lower);
    *upper = limits.upper < 1 ? limits.upper / (1 - limits.upper) : (double)INFINITY;
    return 0;
}

static int evaluate_treatment(const struct mlg_setting *setting, struct mlg_evidence *evidence,
                              struct mlg_error *error)
{
    const size_t count = setting->groups->count;
    const bool bare = setting->view->scan->weighted || setting->view->scan->clustered;
    struct mlg_member *members = MLG_NEW_ARRAY(setting->arena, struct mlg_member, count);
    struct mlg_evidence *own = MLG_NEW_ARRAY(setting->arena, struct mlg_evidence, count);
    struct mlg_rate *misses = MLG_NEW_ARRAY(setting->arena, struct mlg_rate, count);
    struct mlg_panel *panel = MLG_NEW(setting->arena, struct mlg_panel);
    if (!members || !own || !misses || !panel)
        return no_memory(error);
    for (size_t g = 0; g < count; g++) {
        struct mlg_square square;
        if (!mlg_group_square(setting, g, &square))
            return not_known(setting, evidence);
        if (square.fp <= 0)
            return mlg_evidence_undefined(evidence, "%.100s has no false positives to divide by",
                                          mlg_group_name(setting, g));
        misses[g] = (struct mlg_rate){square.fn, square.fn + square.fp};
        own[g] = (struct mlg_evidence){.kind = bare ? MLG_VALUE_ONLY : MLG_BOUNDS,
                                       .value = square.fn / square.fp,
                                       .minimum = 0,
                                       .maximum = (double)INFINITY,
                                       .n = square.rows,
                                       .method = bare ? MLG_METHOD_NONE : MLG_METHOD_CLOPPER_PEARSON,
                                       .bounds = odds_bounds,
                                       .state = &misses[g]};
        members[g] = (struct mlg_member){.value = own[g].value, .evidence = &own[g]};
        evidence->n += square.rows;
    }
    *panel = (struct mlg_panel){.members = members, .count = count};
    struct mlg_comparison comparison = mlg_disparity_comparison(setting);
    comparison.panels = panel;
    comparison.panel_count = 1;
    comparison.method = MLG_METHOD_COUNT;
    return mlg_compare(&comparison, evidence, setting->arena, error);
}

/* ---- differential fairness ------------------------------------------------------------------------ */

/* -ln of the smallest ratio between groups of being selected, or of not being selected. */
static int epsilon_bounds(const void *opaque, double confidence, double multiplier, double *lower,
                          double *upper)
{
    const struct mlg_evidence *ratio = opaque;
    double low, high;
    const int code = ratio->bounds(ratio->state, confidence, multiplier, &low, &high);
    *lower = high < 1 ? -log(high) : 0;
    *upper = low > 0 ? -log(low) : (double)INFINITY;
    return code;
}

static int evaluate_differential(const struct mlg_setting *setting, struct mlg_evidence *evidence,
                                 struct mlg_error *error)
{
    const size_t count = setting->groups->count;
    const double added = setting->call->arguments.concentration;
    struct mlg_panel *panels = MLG_NEW_ARRAY(setting->arena, struct mlg_panel, 2);
    struct mlg_member *members = MLG_NEW_ARRAY(setting->arena, struct mlg_member, 2 * count);
    struct mlg_evidence *ratio = MLG_NEW(setting->arena, struct mlg_evidence);
    double least[2] = {1, 1}, most[2] = {0, 0};
    bool counted = true;
    if (!panels || !members || !ratio)
        return no_memory(error);
    for (size_t g = 0; g < count; g++) {
        const struct mlg_evidence *rate = &setting->parts[0][g];
        struct mlg_square square;
        if (!mlg_group_square(setting, g, &square))
            return not_known(setting, evidence);
        const double selected = square.tp + square.fp, rest = square.fn + square.tn;
        const double smoothed = (selected + added / 2) / (selected + rest + added);
        const double values[2] = {smoothed, 1 - smoothed}, counts[2] = {selected, rest};
        counted = counted && rate->kind == MLG_PROPORTION;
        for (size_t i = 0; i < 2; i++) {
            least[i] = fmin(least[i], values[i]);
            most[i] = fmax(most[i], values[i]);
            members[i * count + g] = (struct mlg_member){.value = counts[i] / (selected + rest),
                                                         .counted = true,
                                                         .rate = {counts[i], selected + rest}};
        }
    }
    evidence->value = fmax(log(most[0] / least[0]), log(most[1] / least[1]));
    evidence->kind = MLG_VALUE_ONLY;
    evidence->method = MLG_METHOD_NONE;
    if (!counted) /* weights or clusters */
        return MLG_OK;
    for (size_t i = 0; i < 2; i++)
        panels[i] = (struct mlg_panel){.members = members + i * count, .count = count};
    struct mlg_comparison comparison = mlg_disparity_comparison(setting);
    comparison.form = MLG_FORM_RATIO;
    comparison.largest = false;
    comparison.panels = panels;
    comparison.panel_count = 2;
    comparison.limit = exp(-comparison.limit);
    mlg_family_begin(setting->call, ratio);
    ratio->minimum = 0;
    ratio->maximum = 1;
    int code = mlg_compare(&comparison, ratio, setting->arena, error);
    if (code != MLG_OK || ratio->kind != MLG_BOUNDS)
        return code;
    evidence->kind = MLG_BOUNDS;
    evidence->method = ratio->method;
    evidence->bounds = epsilon_bounds;
    evidence->state = ratio;
    return MLG_OK;
}

/* ---- conditional demographic disparity ------------------------------------------------------------ */

/* Rows of one stratum: of the group and of all, by whether they are selected; sums of weights. */
struct stratum {
    double selected, rejected;
};

/* Sum over strata of (share of the rows) * (the group's share of the rejected - its share of the selected),
 * and its variance from the influence of each kind of row. `of_group[i]` and `all[i]` are of stratum i. A
 * stratum whose rows all have one outcome adds 0: nobody in it is treated differently. */
static double demographic_disparity(const struct stratum *of_group, const struct stratum *all,
                                    const struct stratum *of_group2, const struct stratum *all2, size_t count,
                                    double *variance)
{
    double rows = 0, value = 0;
    for (size_t i = 0; i < count; i++)
        rows += all[i].selected + all[i].rejected;
    for (size_t i = 0; i < count; i++)
        if (all[i].selected > 0 && all[i].rejected > 0)
            value += (all[i].selected + all[i].rejected) / rows *
                     (of_group[i].rejected / all[i].rejected - of_group[i].selected / all[i].selected);
    *variance = 0;
    for (size_t i = 0; i < count; i++) {
        const bool both = all[i].selected > 0 && all[i].rejected > 0;
        const double share = (all[i].selected + all[i].rejected) / rows;
        const double r = both ? of_group[i].rejected / all[i].rejected : 0;
        const double a = both ? of_group[i].selected / all[i].selected : 0;
        const double common = ((both ? r - a : 0) - value) / rows;
        const double kinds[4][2] = {
            {of_group2[i].rejected, common + (both ? share * (1 - r) / all[i].rejected : 0)},
            {all2[i].rejected - of_group2[i].rejected, common - (both ? share * r / all[i].rejected : 0)},
            {of_group2[i].selected, common - (both ? share * (1 - a) / all[i].selected : 0)},
            {all2[i].selected - of_group2[i].selected, common + (both ? share * a / all[i].selected : 0)}};
        for (size_t k = 0; k < 4; k++)
            *variance += fmax(0, kinds[k][0]) * kinds[k][1] * kinds[k][1];
    }
    return value;
}

static int evaluate_conditional(const struct mlg_setting *setting, struct mlg_evidence *evidence,
                                struct mlg_error *error)
{
    const struct mlg_groups *groups = setting->groups;
    const size_t strata = groups->strata_count, count = groups->count;
    struct stratum *table = MLG_NEW_ARRAY(setting->arena, struct stratum, 2 * strata * (count + 1));
    struct mlg_member *members = MLG_NEW_ARRAY(setting->arena, struct mlg_member, count);
    struct mlg_evidence *own = MLG_NEW_ARRAY(setting->arena, struct mlg_evidence, count);
    struct mlg_panel *panel = MLG_NEW(setting->arena, struct mlg_panel);
    uint64_t rows = 0;
    if (!table || !members || !own || !panel)
        return no_memory(error);
    struct stratum *squares = table + strata * (count + 1);
    for (size_t i = 0; i < groups->cell_count; i++) {
        const struct mlg_group as_group = {groups->cells[i].slicing, groups->cells[i].slice, ""};
        const struct mlg_groups one = {.items = &as_group, .count = 1};
        const struct mlg_setting of_cell = {
            .call = setting->call, .view = setting->view, .groups = &one, .arena = setting->arena};
        struct mlg_square square;
        if (!mlg_group_square(&of_cell, 0, &square))
            return not_known(setting, evidence);
        const size_t at[2] = {groups->cells[i].group * strata + groups->cells[i].stratum,
                              count * strata + groups->cells[i].stratum};
        for (size_t k = 0; k < 2; k++) {
            table[at[k]].selected += square.tp + square.fp;
            table[at[k]].rejected += square.fn + square.tn;
            squares[at[k]].selected += square.tp2 + square.fp2;
            squares[at[k]].rejected += square.fn2 + square.tn2;
        }
        rows += square.rows;
    }
    double outcomes[2] = {0, 0};
    for (size_t i = 0; i < strata; i++) {
        outcomes[0] += table[count * strata + i].selected;
        outcomes[1] += table[count * strata + i].rejected;
    }
    if (!(outcomes[0] > 0) || !(outcomes[1] > 0))
        return mlg_evidence_undefined(evidence, "no row is %s", outcomes[0] > 0 ? "rejected" : "selected");
    evidence->n = rows;
    for (size_t g = 0; g < count; g++) {
        double variance;
        mlg_family_begin(setting->call, &own[g]);
        own[g].value = demographic_disparity(table + g * strata, table + count * strata, squares + g * strata,
                                             squares + count * strata, strata, &variance);
        own[g].n = rows;
        mlg_disparity_normal(&own[g], setting->view->scan->clustered ? 0 : variance, rows);
        members[g] = (struct mlg_member){.value = own[g].value, .evidence = &own[g]};
    }
    *panel = (struct mlg_panel){.members = members, .count = count};
    struct mlg_comparison comparison = mlg_disparity_comparison(setting);
    comparison.panels = panel;
    comparison.panel_count = 1;
    comparison.method = MLG_METHOD_COUNT;
    return mlg_compare(&comparison, evidence, setting->arena, error);
}

/* ---- rows --------------------------------------------------------------------------------------- */

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define KERNEL(...)                                                                                          \
    .kernel = &(const struct mlg_disparity_kernel)                                                           \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }
#define CELLS .tally = true, .reads = MLG_READS_LABEL | MLG_READS_PREDICTION | MLG_READS_POSITIVE

const struct mlg_metric mlg_disparity_generalized_entropy = {
    .name = "generalized_entropy",
    .about = "how unevenly errors fall on rows: inequality of a benefit that is 0 for a missed positive, 1 "
             "where the "
             "model is right, 2 for a false alarm",
    .definition =
        "mean of ((b/m)^alpha - 1) / (alpha (alpha - 1)), b = prediction - label + 1, m its mean; alpha=1: "
        "mean of b/m ln(b/m); alpha=0: -mean of ln(b/m); over all rows",
    .undefined_when = "every benefit is 0; alpha is 0 or less and some benefit is 0",
    .source = "Speicher et al. 2018; AIF360 generalized_entropy_index (whose alpha=0 divides once too often)",
    .params = mlg_disparity_params,
    .arguments = NAMES("alpha"),
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_DELTA,
    KERNEL(.form = MLG_FORM_ITSELF, .of_all_rows = true, .evaluate = evaluate_generalized, CELLS),
};

const struct mlg_metric mlg_disparity_theil = {
    .name = "theil",
    .aliases = NAMES("theil_index"),
    .about = "generalized_entropy with alpha=1: Theil's index of the benefits",
    .definition = "mean of b/m ln(b/m), b = prediction - label + 1, m its mean; over all rows",
    .undefined_when = "every benefit is 0",
    .source = "Speicher et al. 2018; AIF360 theil_index",
    .params = mlg_disparity_params,
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_DELTA,
    KERNEL(.form = MLG_FORM_ITSELF, .of_all_rows = true, .evaluate = evaluate_theil, CELLS),
};

const struct mlg_metric mlg_disparity_between_group_generalized_entropy = {
    .name = "between_group_generalized_entropy",
    .about = "the part of generalized_entropy that lies between groups",
    .definition = "generalized_entropy with every benefit replaced by the mean of its group",
    .undefined_when = "the mean benefit of a group is 0 where a logarithm or a negative power is taken",
    .source = "Speicher et al. 2018; AIF360 between_all_groups_generalized_entropy_index",
    .params = mlg_disparity_params,
    .arguments = NAMES("attribute", "alpha"),
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_DELTA,
    KERNEL(.form = MLG_FORM_DIFFERENCE, .largest = true, .evaluate = evaluate_between, CELLS),
};

const struct mlg_metric mlg_disparity_treatment_equality_difference = {
    .name = "treatment_equality_difference",
    .about =
        "how far the groups lie apart in missed positives per false alarm; unstable where alarms are few",
    .definition = "largest less smallest fn / fp over the groups",
    .undefined_when = "a group has no false positives, or there is one group alone",
    .source =
        "Berk et al. 2018; SageMaker Clarify TE (which says 0 and infinity where nothing is to be divided)",
    .params = mlg_disparity_params,
    .arguments = NAMES("attribute"),
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_MOVER,
    KERNEL(.form = MLG_FORM_DIFFERENCE, .largest = true, .member = "fn / fp", .evaluate = evaluate_treatment,
           CELLS),
};

static const char *const selection_rate[] = {"selection_rate", NULL};

const struct mlg_metric mlg_disparity_differential_fairness = {
    .name = "differential_fairness",
    .about =
        "the epsilon by which being selected, or not, depends on the group; ln(1/0.8) = 0.223 is four fifths",
    .definition =
        "largest |ln(s_i / s_j)| and |ln((1 - s_i) / (1 - s_j))| over pairs of groups, s = (selected + "
        "concentration/2) / (rows + concentration); bounds are of the ratios as they are",
    .undefined_when = "there is one group alone",
    .source = "Foulds et al. 2020; AIF360 smoothed_empirical_differential_fairness",
    .params = mlg_disparity_params,
    .arguments = NAMES("attribute", "concentration"),
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_KOOPMAN,
    KERNEL(.parts = selection_rate, .form = MLG_FORM_DIFFERENCE, .largest = true,
           .evaluate = evaluate_differential, CELLS),
};

const struct mlg_metric mlg_disparity_conditional_demographic_disparity = {
    .name = "conditional_demographic_disparity",
    .about = "whether a group has more of the rejected than of the selected, within strata such as "
             "departments: the "
             "worst group",
    .definition =
        "largest over the groups of the mean over strata, weighted by their rows, of share of the rejected "
        "- share of the selected; a stratum with one outcome alone adds 0",
    .undefined_when = "no row is selected, or none rejected",
    .source = "Wachter et al. 2021; SageMaker Clarify CDDPL (which lets a stratum with one outcome count)",
    .params = mlg_disparity_params,
    .arguments = NAMES("attribute", "strata"),
    .required_argument = "strata",
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = -1,
    .maximum = 1,
    .method = MLG_METHOD_DELTA,
    KERNEL(.form = MLG_FORM_ITSELF, .largest = true, .member = "disparity", .evaluate = evaluate_conditional,
           CELLS),
};
