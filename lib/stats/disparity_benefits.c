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
#include "mlgate/sum.h"

/* ---- inequality ---------------------------------------------------------------------------------- */

/* Rows (or weight) with one benefit. */
struct portion {
    double weight, weight2, benefit;
};

/* Generalized entropy of index alpha: its value, and what its derivatives need. */
struct entropy {
    double alpha, value;
    const char *why;  /* there is no value; NULL: there is one */
    double all, mean; /* weight; benefit */
    double power;     /* mean of benefit^alpha; alpha 1: of benefit ln(benefit); 0: of ln(benefit) */
};

/* What the power mean is made of. */
static double power_of(double benefit, double alpha)
{
    const double logarithm = benefit > 0 ? log(benefit) : 0;
    if (alpha == 1)
        return benefit * logarithm;
    if (alpha == 0)
        return logarithm;
    return benefit > 0 ? pow(benefit, alpha) : 0;
}

/* ((1 + d)^alpha - 1 - alpha d) / (alpha (alpha - 1)), d the benefit's distance from the mean as a share of
 * it, and its limits for alpha 1 and 0. The mean of d is 0, so that the linear term may be left out: what
 * remains is never negative, and nothing cancels when it is added up. */
static double unevenness(double d, double alpha)
{
    enum { TERMS = 100 };
    const double nothing = 1e-18;
    if (fabs(d) * (1 + fabs(alpha)) < 0.5) { /* the binomial series */
        double sum = 0, term = d * d / 2;
        for (int k = 1; k < TERMS && fabs(term) > nothing * d * d; k++) {
            sum += term;
            term *= d * (alpha - 1 - k) / (k + 2);
        }
        return sum;
    }
    if (alpha == 1)
        return (d > -1 ? (1 + d) * log1p(d) : 0) - d;
    if (alpha == 0)
        return d - log1p(d);
    const double power = d > -1 ? expm1(alpha * log1p(d)) : -1;
    return (power - alpha * d) / (alpha * (alpha - 1));
}

/* Sums are exact, so that the order of the portions, which is that of the groups' names, leaves no trace. */
static struct entropy measure_entropy(const struct portion *portions, size_t count, double alpha)
{
    struct mlg_sum all = {0}, benefits = {0}, powers = {0}, sum = {0};
    struct entropy entropy = {
        .alpha = alpha, .value = (double)NAN, .why = "some benefit is 0, and alpha is not above 0"};
    for (size_t i = 0; i < count; i++) {
        if (portions[i].weight <= 0)
            continue;
        if (portions[i].benefit <= 0 && alpha <= 0)
            return entropy;
        mlg_sum_add(&all, portions[i].weight);
        mlg_sum_add_product(&benefits, portions[i].weight, portions[i].benefit);
        mlg_sum_add_product(&powers, portions[i].weight, power_of(portions[i].benefit, alpha));
    }
    entropy.all = mlg_sum_round(&all);
    entropy.mean = mlg_sum_round(&benefits) / entropy.all;
    entropy.power = mlg_sum_round(&powers) / entropy.all;
    entropy.why = "every benefit is 0: all rows are missed positives";
    if (!(entropy.mean > 0))
        return entropy;
    entropy.why = "it is too large for a number";
    for (size_t i = 0; i < count; i++) {
        const double one = unevenness((portions[i].benefit - entropy.mean) / entropy.mean, alpha);
        if (portions[i].weight > 0 && isinf(one))
            return entropy;
        if (portions[i].weight > 0)
            mlg_sum_add_product(&sum, portions[i].weight, one);
    }
    entropy.why = NULL;
    entropy.value = mlg_sum_round(&sum) / entropy.all;
    return entropy;
}

/* How it changes with the weight of a portion. */
static double entropy_by_weight(const struct entropy *entropy, double benefit)
{
    const double alpha = entropy->alpha, mean = entropy->mean, power = entropy->power;
    const double more = power_of(benefit, alpha) - power, off = benefit - mean;
    double change;
    if (alpha == 1)
        change = more / mean - power * off / (mean * mean) - off / mean;
    else if (alpha == 0)
        change = off / mean - more;
    else
        change =
            (more / pow(mean, alpha) - alpha * power * off / pow(mean, alpha + 1)) / (alpha * (alpha - 1));
    return change / entropy->all;
}

/* How it changes with the benefit of a portion; 0 where that is 0 and the slope has no end. */
static double entropy_by_benefit(const struct entropy *entropy, const struct portion *portion)
{
    const double alpha = entropy->alpha, mean = entropy->mean, power = entropy->power, b = portion->benefit;
    const double share = portion->weight / entropy->all;
    if (!(b > 0))
        return 0;
    if (alpha == 1)
        return share * (log(b) / mean - power / (mean * mean));
    if (alpha == 0)
        return share * (1 / mean - 1 / b);
    return share * (pow(b, alpha - 1) * mean - power) / ((alpha - 1) * pow(mean, alpha + 1));
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
    const double a = measure_entropy(misses, 2, state->alpha).value;
    const double b = measure_entropy(alarms, 2, state->alpha).value;
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
    double variance = 0;
    if (!mlg_group_square(setting, setting->groups->count, &all))
        return not_known(setting, evidence);
    portions_of(&all, portions);
    const struct entropy entropy = measure_entropy(portions, 3, alpha);
    if (entropy.why)
        return mlg_evidence_undefined(evidence, "%s", entropy.why);
    for (size_t i = 0; i < 3; i++) {
        const double change = entropy_by_weight(&entropy, portions[i].benefit);
        variance += portions[i].weight > 0 ? portions[i].weight2 * change * change : 0;
    }
    return tell_entropy(setting, entropy.value, variance, alpha, &all, all.fp + all.fn <= 0, evidence, error);
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

/* ---- inequality between groups -------------------------------------------------------------------- */

/* The root of twice the index is, for alpha 2, the length of the vector of the groups' deviations from the
 * mean, (mean of group / mean - 1) times the root of the group's share; for other alpha it is that length
 * near 0. Near 0 the index itself is biased upwards and no normal variable; the length is bounded instead:
 *
 * upper   a length is no shorter than its part along the truth: Student's t, of the widest direction
 * lower   nor longer than the truth and the length of the error: a weighted sum of chi squares, by
 *         Satterthwaite's two moments, over what the spread within groups was estimated from
 *
 * Far from 0 the delta method's error is larger where means of benefits and sizes of groups count too. The
 * spread within a group is that with one missed positive and one false alarm more, so that a few rows without
 * an error do not seem to have none. */
struct length {
    double root, along, trace, degrees_around, degrees;
};

static int length_bounds(const void *opaque, double confidence, double multiplier, double *lower,
                         double *upper)
{
    const struct length *length = opaque;
    const double x = mlg_beta_quantile(confidence, length->degrees_around / 2, length->degrees / 2);
    const double over = x / (1 - x) * length->degrees / length->degrees_around; /* Fisher's F */
    const double around = sqrt(length->trace * over / multiplier);
    const double along = mlg_t_quantile(confidence, length->degrees) * length->along / sqrt(multiplier);
    const double least = fmax(0, length->root - around), most = length->root + along;
    *lower = least * least / 2;
    *upper = most * most / 2;
    return 0;
}

/* The squared error of a group's mean benefit. */
static double error_of_mean(const struct mlg_square *s)
{
    const double weight = s->tp + s->fp + s->fn + s->tn, weight2 = s->tp2 + s->fp2 + s->fn2 + s->tn2;
    const double one = weight / (double)s->rows, all = weight + 2 * one; /* two rows more */
    const double misses = (s->fn + one) / all, alarms = (s->fp + one) / all, mean = alarms - misses;
    const double rows = (double)s->rows + 2, spread = (misses + alarms - mean * mean) * rows / (rows - 1);
    const double plain = (s->fp - s->fn) / weight;
    const double seen = (s->fn2 * (1 + plain) * (1 + plain) + s->fp2 * (1 - plain) * (1 - plain) +
                         (s->tp2 + s->tn2) * plain * plain) /
                        weight / weight;
    return fmax(seen, spread * weight2 / weight / weight);
}

/* `variance` is the index's by the delta method. */
static int bound_length(const struct mlg_setting *setting, const struct entropy *entropy,
                        const struct mlg_square *squares, double variance, struct mlg_evidence *evidence,
                        struct mlg_error *error)
{
    const size_t count = setting->groups->count;
    struct length *length = MLG_NEW(setting->arena, struct length);
    struct mlg_sum first = {0}, second = {0}, common = {0}, rows = {0};
    double groups = 0, widest = 0;
    if (!length)
        return no_memory(error);
    /* With V the squared errors along the groups and p their shares, the error across the mean has the
     * covariance P V P, P = 1 - root(p) root(p)': the sum of its eigenvalues and that of their squares. */
    for (size_t g = 0; g < count; g++) {
        const struct mlg_square *s = &squares[g];
        const double weight = s->tp + s->fp + s->fn + s->tn, weight2 = s->tp2 + s->fp2 + s->fn2 + s->tn2;
        if (!(weight > 0))
            continue;
        const double share = weight / entropy->all;
        const double one = share * error_of_mean(s) / (entropy->mean * entropy->mean);
        widest = fmax(widest, one);
        groups++;
        mlg_sum_add(&first, one * (1 - share));
        mlg_sum_add(&second, one * one * (1 - 2 * share));
        mlg_sum_add_product(&common, share, one);
        mlg_sum_add(&rows, weight * weight / weight2);
    }
    const double both = mlg_sum_round(&common);
    const double trace = mlg_sum_round(&first), squares_of = mlg_sum_round(&second) + both * both;
    const double root = sqrt(2 * fmax(0, entropy->value)), far = root > 0 ? variance / (root * root) : 0;
    const double degrees = mlg_sum_round(&rows) - groups;
    if (groups < 2 || !(trace > 0) || !(squares_of > 0) || !(degrees >= 1)) {
        mlg_family_bare(evidence, "too few rows in each group: bring more rows");
        return MLG_OK;
    }
    *length = (struct length){.root = root,
                              .along = sqrt(fmax(widest, far)),
                              .trace = trace * fmax(1, far * (groups - 1) / trace),
                              .degrees_around = trace * trace / squares_of,
                              .degrees = degrees};
    evidence->kind = MLG_BOUNDS;
    evidence->method = MLG_METHOD_DELTA;
    evidence->bounds = length_bounds;
    evidence->state = length;
    return MLG_OK;
}

/* Each group's mean benefit. */
static int show_benefits(const struct mlg_setting *setting, const struct portion *means,
                         const struct mlg_square *squares, struct mlg_error *error)
{
    struct mlg_shown *shown = setting->shown;
    if (!mlg_show_parts(setting, 1))
        return no_memory(error);
    shown->names[0] = "mean benefit";
    for (size_t g = 0; g < setting->groups->count; g++) {
        shown->parts[0][g] = (struct mlg_evidence){.kind = MLG_VALUE_ONLY,
                                                   .method = MLG_METHOD_NONE,
                                                   .value = means[g].benefit,
                                                   .maximum = 2,
                                                   .n = squares[g].rows};
        shown->a = means[g].benefit < means[shown->a].benefit ? g : shown->a;
        shown->b = means[g].benefit > means[shown->b].benefit ? g : shown->b;
    }
    shown->has_pair = shown->a != shown->b;
    return MLG_OK;
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
    struct mlg_square all = {0};
    struct mlg_sum variance = {0};
    if (!squares || !means)
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
    const struct entropy entropy = measure_entropy(means, count, alpha);
    for (size_t g = 0; entropy.why && alpha <= 0 && g < count; g++)
        if (means[g].weight > 0 && means[g].benefit <= 0)
            return mlg_evidence_undefined(evidence,
                                          "all rows of %s are missed positives, and alpha is not above 0",
                                          mlg_group_name(setting, g));
    if (entropy.why)
        return mlg_evidence_undefined(evidence, "%s", entropy.why);
    for (size_t g = 0; g < count; g++) {
        struct portion portions[3];
        portions_of(&squares[g], portions);
        if (means[g].weight <= 0)
            continue;
        const double by_weight = entropy_by_weight(&entropy, means[g].benefit);
        const double by_benefit = entropy_by_benefit(&entropy, &means[g]) / means[g].weight;
        for (size_t i = 0; i < 3; i++) {
            const double change = by_weight + by_benefit * (portions[i].benefit - means[g].benefit);
            if (portions[i].weight > 0)
                mlg_sum_add(&variance, portions[i].weight2 * change * change);
        }
    }
    const bool is_flawless = all.fp + all.fn <= 0;
    int code = show_benefits(setting, means, squares, error);
    if (code == MLG_OK)
        code = tell_entropy(setting, entropy.value, mlg_sum_round(&variance), alpha, &all, is_flawless,
                            evidence, error);
    if (code != MLG_OK || setting->view->scan->clustered || evidence->kind == MLG_BOUNDS)
        return code;
    if (alpha < 0 || alpha > 2) {
        mlg_family_bare(evidence, "bounds between groups are known for alpha from 0 to 2");
        return MLG_OK;
    }
    return bound_length(setting, &entropy, squares, mlg_sum_round(&variance), evidence, error);
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
            return mlg_evidence_undefined(evidence, "%s has no false positives to divide by",
                                          mlg_group_name(setting, g));
        misses[g] = (struct mlg_rate){square.fn, square.fn + square.fp};
        own[g] = (struct mlg_evidence){.kind = bare ? MLG_VALUE_ONLY : MLG_BOUNDS,
                                       .value = square.fn / square.fp,
                                       .minimum = 0,
                                       .maximum = (double)INFINITY,
                                       .n = square.errors,
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
    double *smooth = MLG_NEW_ARRAY(setting->arena, double, 2 * count);
    bool counted = true;
    setting->shown->apart = MLG_NEW_ARRAY(setting->arena, double, count);
    if (!panels || !members || !ratio || !smooth || !setting->shown->apart)
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
            smooth[2 * g + i] = values[i];
            members[i * count + g] = (struct mlg_member){.value = counts[i] / (selected + rest),
                                                         .counted = true,
                                                         .rate = {counts[i], selected + rest}};
        }
    }
    evidence->value = fmax(log(most[0] / least[0]), log(most[1] / least[1]));
    struct mlg_shown *shown = setting->shown;
    const size_t side = log(most[1] / least[1]) > log(most[0] / least[0]);
    for (size_t g = 0; g < count; g++) {
        shown->apart[g] = 0;
        for (size_t i = 0; i < 2; i++)
            shown->apart[g] = fmax(shown->apart[g],
                                   fmax(log(smooth[2 * g + i] / least[i]), log(most[i] / smooth[2 * g + i])));
        shown->a = smooth[2 * g + side] < smooth[2 * shown->a + side] ? g : shown->a;
        shown->b = smooth[2 * g + side] > smooth[2 * shown->b + side] ? g : shown->b;
    }
    shown->has_pair = shown->a != shown->b;
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

/* Rows of one stratum: of a group or of all, by whether they are selected; sums of weights and of their
 * squares. */
struct stratum {
    double selected, rejected, selected2, rejected2;
    uint64_t rows;
};

struct strata {
    size_t count, groups;
    struct stratum *of_group; /* [group * count + stratum] */
    struct stratum *all;      /* [stratum] */
    double rows;              /* weight of all strata */
    uint64_t alone;           /* rows in strata of one group alone */
};

/* p (1 - p) of the group's share of the selected (or rejected), as if two rows more had been drawn from all
 * rows of the stratum: in a stratum of a few rows the shares are 0 or 1, and seem to have no spread. */
static double spread_of(double own, double all, double among, double one_row)
{
    const double p = (own + 2 * one_row * among) / (all + 2 * one_row), rows = all / one_row;
    return p * (1 - p) * (rows + 2) / (rows + 1);
}

/* Sum over strata of (share of the rows) * (the group's share of the rejected - its share of the selected),
 * and its variance from the influence of each kind of row, or from the spread above where that is larger. A
 * stratum whose rows all have one outcome adds 0: nobody in it is treated differently. */
static double demographic_disparity(const struct strata *strata, size_t group, double *variance)
{
    struct mlg_sum sum = {0}, squares = {0};
    const struct stratum *of_group = strata->of_group + group * strata->count;
    for (size_t i = 0; i < strata->count; i++) {
        const struct stratum *all = &strata->all[i];
        if (all->selected > 0 && all->rejected > 0)
            mlg_sum_add(&sum,
                        (all->selected + all->rejected) / strata->rows *
                            (of_group[i].rejected / all->rejected - of_group[i].selected / all->selected));
    }
    const double value = mlg_sum_round(&sum);
    struct mlg_sum drawn = {0};
    for (size_t i = 0; i < strata->count; i++) {
        const struct stratum *all = &strata->all[i], *own = &of_group[i];
        const bool both = all->selected > 0 && all->rejected > 0;
        const double share = (all->selected + all->rejected) / strata->rows;
        const double r = both ? own->rejected / all->rejected : 0;
        const double a = both ? own->selected / all->selected : 0;
        const double common = (r - a - value) / strata->rows;
        const double kinds[4][2] = {
            {own->rejected2, common + (both ? share * (1 - r) / all->rejected : 0)},
            {all->rejected2 - own->rejected2, common - (both ? share * r / all->rejected : 0)},
            {own->selected2, common - (both ? share * (1 - a) / all->selected : 0)},
            {all->selected2 - own->selected2, common + (both ? share * a / all->selected : 0)}};
        for (size_t k = 0; k < 4; k++)
            mlg_sum_add(&squares, fmax(0, kinds[k][0]) * kinds[k][1] * kinds[k][1]);
        const double rows = (all->selected + all->rejected) * (all->selected + all->rejected) /
                            (all->selected2 + all->rejected2);
        mlg_sum_add(&drawn, (all->selected2 + all->rejected2) * (r - a - value) * (r - a - value) /
                                (strata->rows * strata->rows));
        if (!both || !(rows > 1))
            continue;
        const double one = (all->selected2 + all->rejected2) / (all->selected + all->rejected);
        const double among = (own->selected + own->rejected) / (all->selected + all->rejected);
        mlg_sum_add(&drawn, share * share * rows / (rows - 1) *
                                (spread_of(own->rejected, all->rejected, among, one) * all->rejected2 /
                                     (all->rejected * all->rejected) +
                                 spread_of(own->selected, all->selected, among, one) * all->selected2 /
                                     (all->selected * all->selected)));
    }
    *variance = fmax(mlg_sum_round(&squares), mlg_sum_round(&drawn));
    return value;
}

/* What all groups have in one stratum, and how many groups have something. Exactly, so that the order of the
 * groups, which is that of their names, leaves no trace. */
static struct stratum add_groups(const struct strata *strata, size_t stratum, size_t *groups)
{
    struct mlg_sum selected = {0}, rejected = {0}, selected2 = {0}, rejected2 = {0};
    uint64_t rows = 0;
    *groups = 0;
    for (size_t g = 0; g < strata->groups; g++) {
        const struct stratum *own = &strata->of_group[g * strata->count + stratum];
        mlg_sum_add(&selected, own->selected);
        mlg_sum_add(&rejected, own->rejected);
        mlg_sum_add(&selected2, own->selected2);
        mlg_sum_add(&rejected2, own->rejected2);
        rows += own->rows;
        *groups += own->selected + own->rejected > 0;
    }
    return (struct stratum){mlg_sum_round(&selected), mlg_sum_round(&rejected), mlg_sum_round(&selected2),
                            mlg_sum_round(&rejected2), rows};
}

/* Fills the strata from the cells. False: it is not known which class is positive. */
static bool read_strata(const struct mlg_setting *setting, struct strata *strata, uint64_t *rows)
{
    const struct mlg_groups *groups = setting->groups;
    struct mlg_sum all = {0};
    for (size_t i = 0; i < groups->cell_count; i++) {
        const struct mlg_cell *cell = &groups->cells[i];
        const struct mlg_group as_group = {cell->slicing, cell->slice, ""};
        const struct mlg_groups one = {.items = &as_group, .count = 1};
        const struct mlg_setting of_cell = {
            .call = setting->call, .view = setting->view, .groups = &one, .arena = setting->arena};
        struct mlg_square square;
        if (!mlg_group_square(&of_cell, 0, &square))
            return false;
        strata->of_group[cell->group * strata->count + cell->stratum] =
            (struct stratum){square.tp + square.fp, square.fn + square.tn, square.tp2 + square.fp2,
                             square.fn2 + square.tn2, square.rows};
        *rows += square.rows;
    }
    for (size_t i = 0; i < strata->count; i++) {
        size_t present;
        strata->all[i] = add_groups(strata, i, &present);
        strata->alone += present < 2 ? strata->all[i].rows : 0;
        mlg_sum_add(&all, strata->all[i].selected);
        mlg_sum_add(&all, strata->all[i].rejected);
    }
    strata->rows = mlg_sum_round(&all);
    return true;
}

/* Rows of a stratum where one group occurs alone say nothing of how groups are treated: where most are such,
 * the value, which counts them as 0, is no measure. False: it is undefined. */
static bool are_mixed(const struct mlg_setting *setting, const struct strata *strata,
                      struct mlg_evidence *evidence)
{
    const uint64_t alone = strata->alone, all = evidence->n;
    if (alone == 0)
        return true;
    const char *some = mlg_count_text(alone, setting->arena), *every = mlg_count_text(all, setting->arena);
    if (alone == all)
        mlg_evidence_undefined(evidence, "no stratum has rows of two groups, so that nothing is compared");
    else if (2 * alone > all)
        mlg_evidence_undefined(evidence,
                               "%s of %s rows lie in strata where only one group occurs, and say nothing of "
                               "a comparison",
                               some, every);
    else
        mlg_family_note(evidence,
                        "%s of %s rows lie in strata where only one group occurs: they say nothing of a "
                        "comparison, and count as 0",
                        some, every);
    return evidence->kind != MLG_UNDEFINED;
}

static uint64_t rows_of_group(const struct strata *strata, size_t group)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < strata->count; i++)
        rows += strata->of_group[group * strata->count + i].rows;
    return rows;
}

static int evaluate_conditional(const struct mlg_setting *setting, struct mlg_evidence *evidence,
                                struct mlg_error *error)
{
    const size_t count = setting->groups->count, of_strata = setting->groups->strata_count;
    struct strata strata = {.count = of_strata,
                            .groups = count,
                            .of_group = MLG_NEW_ARRAY(setting->arena, struct stratum, of_strata * count),
                            .all = MLG_NEW_ARRAY(setting->arena, struct stratum, of_strata)};
    struct mlg_member *members = MLG_NEW_ARRAY(setting->arena, struct mlg_member, count);
    struct mlg_evidence *own = MLG_NEW_ARRAY(setting->arena, struct mlg_evidence, count);
    struct mlg_panel *panel = MLG_NEW(setting->arena, struct mlg_panel);
    bool is_selected = false, is_rejected = false;
    if (!strata.of_group || !strata.all || !members || !own || !panel)
        return no_memory(error);
    if (!read_strata(setting, &strata, &evidence->n))
        return not_known(setting, evidence);
    for (size_t i = 0; i < of_strata; i++) {
        is_selected = is_selected || strata.all[i].selected > 0;
        is_rejected = is_rejected || strata.all[i].rejected > 0;
    }
    if (!is_selected || !is_rejected)
        return mlg_evidence_undefined(evidence, "no row is %s", is_selected ? "rejected" : "selected");
    if (!are_mixed(setting, &strata, evidence))
        return MLG_OK;
    for (size_t g = 0; g < count; g++) {
        double variance;
        mlg_family_begin(setting->call, &own[g]);
        own[g].value = demographic_disparity(&strata, g, &variance);
        own[g].n = rows_of_group(&strata, g);
        mlg_disparity_normal(&own[g], setting->view->scan->clustered ? 0 : variance, evidence->n);
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
    .undefined_when = "every benefit is 0; alpha is 0 or less and all rows of a group are missed positives",
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
    .undefined_when = "no row is selected, or none rejected, or most rows lie in strata of one group alone",
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
