/* Intervals: one-sided bounds from evidence. The table of methods stands here, once. */
#include "mlgate/interval.h"

#include <math.h>
#include <string.h>

#include "mlgate/distribution.h"

const struct mlg_method_row mlg_methods[MLG_METHOD_COUNT] = {
    [MLG_METHOD_NONE] = {"none", "no interval is known", ""},
    [MLG_METHOD_EXACT] = {"exact", "a count, which has no sampling error", ""},
    [MLG_METHOD_WILSON] = {"wilson", "score interval of a proportion", "Wilson 1927, JASA 22:209"},
    [MLG_METHOD_CLOPPER_PEARSON] =
        {"clopper_pearson", "exact interval of a proportion, never too short; auto takes it for small counts",
         "Clopper and Pearson 1934, Biometrika 26:404"},
    [MLG_METHOD_JEFFREYS] = {"jeffreys",
                             "quantiles of the Beta(x + 1/2, n - x + 1/2) posterior of a proportion",
                             "Brown, Cai, DasGupta 2001, Statistical Science 16:101"},
    [MLG_METHOD_T] = {"t", "mean with its standard error and Student's t", "Student 1908, Biometrika 6:1"},
    [MLG_METHOD_T_HALL] =
        {"t_hall",
         "as t, and where the losses are skewed by Hall's transformation, the wider at either end; each half "
         "wider by 3 / degrees of freedom, that towards the skew by 3 / c + x + x^2 besides, x = (5 / c)^2 "
         "but "
         "at most 2.5, c how many equal rows would be as skewed; of a loss within a range that fewer than 10 "
         "carry at least that of a share of as many rows (docs/coverage.md)",
         "Student 1908, Biometrika 6:1; Hall 1992, JRSS B 54:221; Clopper and Pearson 1934"},
    [MLG_METHOD_DELTA] =
        {"delta",
         "first-order propagation of the errors of counts or means; what is a share of counts by the score "
         "of a proportion on its effective number of rows, class by class; rmse, r2 and their like with "
         "Student's t, and on the logarithmic scale towards the worse, rmse also as the root of mse",
         "Cramer 1946, chapter 28; Zou and Donner 2008, Statistics in Medicine 27:1693"},
    [MLG_METHOD_DELONG] =
        {"delong",
         "variance of the placements of the positives and of the negatives; auto takes "
         "delong_score instead where a class has few rows or the area is near 0 or 1 (with "
         "half of the rows positive: 0.8 below 1,100 rows, 0.9 below 3,200, 0.95 below 7,300)",
         "DeLong, DeLong, Clarke-Pearson 1988, Biometrics 44:837; Sun and Xu 2014"},
    [MLG_METHOD_DELONG_LOGIT] = {"delong_logit", "as delong, on the logit scale",
                                 "Pepe 2003, Statistical Evaluation of Medical Tests, section 5.2"},
    [MLG_METHOD_DELONG_SCORE] =
        {"delong_score",
         "as delong, by the score of a proportion on the effective number of rows; auto takes it where a "
         "class "
         "has fewer than 30 rows, or so few rows carry the variance that the area is skewed as a proportion "
         "near 0 or 1",
         "DeLong, DeLong, Clarke-Pearson 1988; Korn and Graubard 1998, Survey Methodology 24:193"},
    [MLG_METHOD_LOGIT] = {"logit",
                          "on the logit scale, the larger of the binomial variance over the positives and "
                          "that of all rows; auto "
                          "lowers the lower bound by what the value is too high on average",
                          "Boyd, Eng, Page 2013, ECML PKDD 451; Bestgen 2015"},
    [MLG_METHOD_ORDER] = {"order", "order statistics with binomial ranks, free of any distribution",
                          "Conover 1999, Practical Nonparametric Statistics, section 3.2"},
    [MLG_METHOD_FOLDED_NORMAL] = {"folded_normal",
                                  "normal deviation of every bin, with the bias of absolute values",
                                  "Leone, Nelson, Nottingham 1961, Technometrics 3:543"},
    [MLG_METHOD_LINEARISED] =
        {"linearised",
         "weighted sums by Taylor linearisation; what is a share of counts by the score of a proportion on "
         "the effective number of rows, at most Kish's; means with Student's t of as many rows as carry the "
         "weight, whose spread counts with that of all rows where they are few, Hall's transformation "
         "where that is wider, and t_hall's caution",
         "Binder 1983, ISR 51:279; Korn and Graubard 1998, Survey Methodology 24:193; Satterthwaite 1946, "
         "Biometrics Bulletin 2:110"},
    [MLG_METHOD_CLUSTER] =
        {"cluster",
         "sandwich over clusters, Student's t with clusters - 1 degrees of freedom, or fewer where few "
         "clusters carry the weight, Hall's transformation where that is wider, and t_hall's caution; what "
         "is a share of "
         "counts by the score of a proportion on the effective number of rows, as many as clusters where few "
         "of them differ",
         "Cameron and Miller 2015, JHR 50:317; Korn and Graubard 1998, Survey Methodology 24:193"},
    [MLG_METHOD_TANGO] = {"tango", "score interval of the difference of paired proportions",
                          "Tango 1998, Statistics in Medicine 17:891"},
    [MLG_METHOD_PAIRED] = {"paired",
                           "differences row by row of what each row contributes, as a mean by t_hall",
                           "DeLong, DeLong, Clarke-Pearson 1988, Biometrics 44:837"},
    [MLG_METHOD_NEWCOMBE] = {"newcombe", "difference of two proportions, from Wilson's limits of each",
                             "Newcombe 1998, Statistics in Medicine 17:873, method 10"},
    [MLG_METHOD_MIETTINEN_NURMINEN] = {"miettinen_nurminen", "score interval of a difference of proportions",
                                       "Miettinen and Nurminen 1985, Statistics in Medicine 4:213"},
    [MLG_METHOD_KOOPMAN] = {"koopman", "score interval of a ratio of proportions",
                            "Koopman 1984, Biometrics 40:513"},
    [MLG_METHOD_KATZ] = {"katz", "ratio of proportions, normal on the log scale",
                         "Katz et al. 1978, Biometrics 34:469"},
    [MLG_METHOD_MOVER] = {"mover", "difference or ratio of two groups, from each one's own bounds",
                          "Zou and Donner 2008, Statistics in Medicine 27:1693; Donner and Zou 2012"},
    [MLG_METHOD_MOVER_CLOPPER_PEARSON] =
        {"mover_clopper_pearson",
         "as mover, from Clopper and Pearson's limits; auto takes it where a count is small",
         "Zou and Donner 2008, Statistics in Medicine 27:1693; Clopper and Pearson 1934"},
    [MLG_METHOD_DKW] = {"dkw",
                        "band around each distribution function, free of any distribution; conservative",
                        "Dvoretzky, Kiefer, Wolfowitz 1956; Massart 1990, Annals of Probability 18:1269"},
};

int mlg_method_find(const char *name)
{
    if (strcmp(name, "auto") == 0)
        return MLG_METHOD_COUNT;
    for (int i = 0; i < MLG_METHOD_COUNT; i++)
        if (strcmp(name, mlg_methods[i].name) == 0)
            return i;
    return -1;
}

#define METHOD(name) (1U << MLG_METHOD_##name)

/* Which methods each kind of evidence can be judged by. The methods of one row rest on the same numbers. */
static const unsigned fitting[] = {
    [MLG_UNDEFINED] = 0,
    [MLG_VALUE_ONLY] = METHOD(NONE),
    [MLG_EXACT_VALUE] = METHOD(EXACT),
    [MLG_PROPORTION] = METHOD(WILSON) | METHOD(CLOPPER_PEARSON) | METHOD(JEFFREYS),
    [MLG_NORMAL] = METHOD(T) | METHOD(T_HALL) | METHOD(DELTA) | METHOD(LINEARISED) | METHOD(CLUSTER) |
                   METHOD(PAIRED) | METHOD(DELONG),
    [MLG_AUC] = METHOD(DELONG) | METHOD(DELONG_LOGIT) | METHOD(DELONG_SCORE) | METHOD(LINEARISED),
    [MLG_LOGIT_SE] = METHOD(LOGIT) | METHOD(DELTA) | METHOD(LINEARISED),
    [MLG_BOUNDS] = METHOD(WILSON) | METHOD(CLOPPER_PEARSON) | METHOD(DELTA) | METHOD(LOGIT) | METHOD(ORDER) |
                   METHOD(FOLDED_NORMAL) | METHOD(TANGO) | METHOD(CLUSTER) | METHOD(T) | METHOD(T_HALL) |
                   METHOD(LINEARISED) | METHOD(PAIRED) | METHOD(DELONG) | METHOD(DELONG_LOGIT) |
                   METHOD(NEWCOMBE) | METHOD(MIETTINEN_NURMINEN) | METHOD(KOOPMAN) | METHOD(KATZ) |
                   METHOD(MOVER) | METHOD(MOVER_CLOPPER_PEARSON) | METHOD(DKW),
};

bool mlg_interval_fits(enum mlg_evidence_kind kind, int method)
{
    if (kind == MLG_UNDEFINED || method < 0 || method > MLG_METHOD_COUNT)
        return false;
    return method == MLG_METHOD_COUNT || (fitting[kind] >> method & 1U) != 0;
}

/* ---- proportions -------------------------------------------------------------------------------- */

struct mlg_limits mlg_wilson(struct mlg_rate rate, double confidence)
{
    const double z = mlg_normal_quantile(confidence), n = rate.trials, p = rate.successes / n;
    const double middle = p + z * z / (2 * n), scale = 1 + z * z / n;
    const double half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    /* At the ends the difference is rounding alone. */
    return (struct mlg_limits){p, p <= 0 ? 0 : fmax(0, (middle - half) / scale),
                               p >= 1 ? 1 : fmin(1, (middle + half) / scale)};
}

struct mlg_limits mlg_clopper_pearson(struct mlg_rate rate, double confidence)
{
    const double x = rate.successes, n = rate.trials;
    return (struct mlg_limits){x / n, x <= 0 ? 0 : mlg_beta_quantile(1 - confidence, x, n - x + 1),
                               x >= n ? 1 : mlg_beta_quantile(confidence, x + 1, n - x)};
}

static struct mlg_limits jeffreys(struct mlg_rate rate, double confidence)
{
    const double x = rate.successes, n = rate.trials;
    return (struct mlg_limits){x / n, x <= 0 ? 0 : mlg_beta_quantile(1 - confidence, x + 0.5, n - x + 0.5),
                               x >= n ? 1 : mlg_beta_quantile(confidence, x + 0.5, n - x + 0.5)};
}

enum { SMALL_TRIALS = 40, SMALL_COUNT = 5 };

enum mlg_method mlg_proportion_method(struct mlg_rate rate)
{
    const bool small =
        rate.trials < SMALL_TRIALS || fmin(rate.successes, rate.trials - rate.successes) < SMALL_COUNT;
    return small ? MLG_METHOD_CLOPPER_PEARSON : MLG_METHOD_WILSON;
}

struct mlg_limits mlg_proportion(struct mlg_rate rate, double confidence)
{
    const bool exact = mlg_proportion_method(rate) == MLG_METHOD_CLOPPER_PEARSON;
    return (exact ? mlg_clopper_pearson : mlg_wilson)(rate, confidence);
}

static struct mlg_bounds proportion(const struct mlg_evidence *evidence, double confidence, int method,
                                    double multiplier)
{
    const double x = (double)evidence->numerator * multiplier, n = (double)evidence->denominator * multiplier;
    const struct mlg_rate rate = {x, n};
    struct mlg_bounds bounds = {.known =
                                    evidence->denominator > 0 && evidence->numerator <= evidence->denominator,
                                .method = MLG_METHOD_WILSON};
    if (!bounds.known)
        return bounds;
    bounds.method = method == MLG_METHOD_COUNT ? mlg_proportion_method(rate) : (enum mlg_method)method;
    const struct mlg_limits limits = bounds.method == MLG_METHOD_WILSON ? mlg_wilson(rate, confidence)
                                     : bounds.method == MLG_METHOD_JEFFREYS
                                         ? jeffreys(rate, confidence)
                                         : mlg_clopper_pearson(rate, confidence);
    bounds.lower = limits.lower;
    bounds.upper = limits.upper;
    return bounds;
}

/* ---- standard errors ---------------------------------------------------------------------------- */

double mlg_sample_skewness(double squares, double cubes, double count)
{
    const double skewness = cubes / (squares * sqrt(squares)) * sqrt(count * (count - 1)) / (count - 2);
    return count >= 3 && isfinite(skewness) ? skewness : 0;
}

/* T = (mean - truth) / error is skewed the other way round than the terms. Hall 1992: g(T) = T + a T^2 / 3 +
 * a^2 T^3 / 27 + a / 6, a the skewness over the root of n, is not, up to terms of order 1 / n, and increases
 * with T. Its inverse: */
static double hall_quantile(double quantile, double skewness)
{
    return fabs(skewness) < 1e-6 ? quantile
                                 : 3 / skewness * (cbrt(1 + skewness * (quantile - skewness / 6)) - 1);
}

/* As many equal terms among others that add nothing would be as skewed. */
static double carriers(double skewness)
{
    return 1 / (skewness * skewness);
}

struct mlg_caution mlg_mean_caution(double skewness, double degrees, double multiplier)
{
    enum { TERMS = 3, CARRIERS = 3, SQUARED_CARRIERS = 25 };
    const double many = carriers(skewness) * multiplier, most = 2.5; /* of 3.2 carriers and fewer */
    const double few = fmin(SQUARED_CARRIERS / (many * many), most);
    const double both = 1 + TERMS / (degrees * multiplier), skewed = both + CARRIERS / many + few * (1 + few);
    return (struct mlg_caution){skewness < 0 ? skewed : both, skewness > 0 ? skewed : both};
}

/* What was not seen of skewed losses is what few of them are: large. Hall's quantiles make up for about half
 * of the wrong passes that t has with squares and logarithms (docs/coverage.md), mlg_mean_caution for most of
 * the others. At the other end Hall's would be the bolder ones, and t's stay. */
struct mlg_limits mlg_mean_limits(struct mlg_mean mean, double confidence, double multiplier)
{
    const double quantile = mlg_t_quantile(confidence, mean.degrees * multiplier);
    const double error = mean.standard_error / sqrt(multiplier), skewness = mean.skewness / sqrt(multiplier);
    const struct mlg_caution caution = mlg_mean_caution(mean.skewness, mean.degrees, multiplier);
    const double below = fmax(quantile, hall_quantile(quantile, skewness));
    const double above = fmax(quantile, -hall_quantile(-quantile, skewness));
    return (struct mlg_limits){mean.value, mean.value - error * below * caution.lower,
                               mean.value + error * above * caution.upper};
}

/* Losses within a range are least certain where they are at its ends: as a share of as many rows. Differences
 * of two are about the middle of theirs. */
static void enclose_share(const struct mlg_evidence *evidence, double confidence, double multiplier,
                          struct mlg_limits *limits)
{
    const double width = evidence->maximum - evidence->minimum, size = (evidence->degrees + 1) * multiplier;
    if (!isfinite(width) || !isfinite(size) || evidence->minimum < 0 ||
        !(carriers(evidence->skewness) * multiplier < MLG_FEW_CARRIERS))
        return;
    const struct mlg_rate rate = {(evidence->value - evidence->minimum) / width * size, size};
    const struct mlg_limits share = mlg_clopper_pearson(rate, confidence);
    if (evidence->skewness < 0)
        limits->lower = fmin(limits->lower, evidence->minimum + width * share.lower);
    else
        limits->upper = fmax(limits->upper, evidence->minimum + width * share.upper);
}

static struct mlg_limits students(const struct mlg_evidence *evidence, double confidence, double multiplier)
{
    const double half = mlg_t_quantile(confidence, evidence->degrees * multiplier) *
                        evidence->standard_error / sqrt(multiplier);
    return (struct mlg_limits){evidence->value, evidence->value - half, evidence->value + half};
}

static struct mlg_bounds normal(const struct mlg_evidence *evidence, double confidence, int method,
                                double multiplier)
{
    const struct mlg_mean mean = {evidence->value, evidence->standard_error, evidence->degrees,
                                  evidence->skewness};
    if (method == MLG_METHOD_T || evidence->method == MLG_METHOD_T || evidence->method == MLG_METHOD_DELTA) {
        const struct mlg_limits plain = students(evidence, confidence, multiplier);
        return (struct mlg_bounds){true, plain.lower, plain.upper,
                                   evidence->method == MLG_METHOD_T_HALL ? MLG_METHOD_T : evidence->method};
    }
    struct mlg_limits limits = mlg_mean_limits(mean, confidence, multiplier);
    enclose_share(evidence, confidence, multiplier, &limits);
    return (struct mlg_bounds){true, limits.lower, limits.upper, evidence->method};
}

/* An infinite half ends at 0 and 1. */
static void on_logit_scale(double value, double half, struct mlg_bounds *bounds)
{
    double logit = log(value) - log1p(-value);
    bounds->lower = 1 / (1 + exp(half - logit));
    bounds->upper = 1 / (1 + exp(-half - logit));
}

/* Near 1 or 0, or with few rows of a class, an area is skewed like a proportion, and few rows carry its
 * variance: about as many as positives or negatives are out of order, ((1 - A) / error)^2 of them. What so
 * few say is weighed against the other extreme, that every row of the smaller class is one trial, right or
 * wrong: its variance counts as much as about 4.5 carriers. One pair out of order then changes little, and
 * with none at all the bound is that of as many trials without failure. In simulations at limits equal to the
 * truth (docs/coverage.md) no more than 6 % passed, where the plain interval let up to 31 % pass. */
enum { WEIGHT_OF_TRIALS = 20, MANY_CARRIERS = 400, MANY_ROWS = 30 };

static double area_carriers(double value, double variance)
{
    const double ends = value * (1 - value) / (2 * value - 1);
    return ends * ends / variance;
}

static bool is_skewed(const struct mlg_evidence *evidence, double multiplier)
{
    const double variance = evidence->standard_error * evidence->standard_error / multiplier;
    return !(variance > 0) || evidence->smaller_class * multiplier < MANY_ROWS ||
           area_carriers(evidence->value, variance) < MANY_CARRIERS;
}

static struct mlg_limits area_as_rate(const struct mlg_evidence *evidence, double confidence,
                                      double multiplier)
{
    const double value = evidence->value, trials = evidence->smaller_class * multiplier;
    const double variance = evidence->standard_error * evidence->standard_error / multiplier;
    double size = trials;
    if (variance > 0 && value > 0 && value < 1) {
        const double carriers = fmin(area_carriers(value, variance), trials), weight = carriers * carriers;
        const double weighed = (weight * variance + WEIGHT_OF_TRIALS * value * (1 - value) / trials) /
                               (weight + WEIGHT_OF_TRIALS);
        size = value * (1 - value) / fmax(variance, weighed);
    }
    return mlg_proportion((struct mlg_rate){value * size, size}, confidence);
}

static struct mlg_bounds area(const struct mlg_evidence *evidence, double confidence, int method,
                              double multiplier)
{
    const struct mlg_limits plain = students(evidence, confidence, multiplier);
    struct mlg_bounds bounds = {.known = true, .lower = plain.lower, .upper = plain.upper};
    const double value = evidence->value;
    const bool chosen =
        method == MLG_METHOD_COUNT || method == MLG_METHOD_LINEARISED || method == MLG_METHOD_DELONG_SCORE;
    const bool logit = method == MLG_METHOD_DELONG_LOGIT;
    bounds.method = logit ? MLG_METHOD_DELONG_LOGIT : evidence->method;
    if (value == 0 || value == 1 || evidence->standard_error == 0 ||
        (chosen && is_skewed(evidence, multiplier))) {
        const struct mlg_limits limits = area_as_rate(evidence, confidence, multiplier);
        bounds.lower = limits.lower;
        bounds.upper = limits.upper;
        if (evidence->method == MLG_METHOD_DELONG)
            bounds.method = MLG_METHOD_DELONG_SCORE;
    } else if (logit) {
        on_logit_scale(value, (bounds.upper - value) / (value * (1 - value)), &bounds);
    }
    return bounds;
}

static struct mlg_bounds logit(const struct mlg_evidence *evidence, double confidence, double multiplier)
{
    struct mlg_bounds bounds = {.known = true, .method = evidence->method};
    double half = mlg_t_quantile(confidence, evidence->degrees * multiplier) * evidence->standard_error /
                  sqrt(multiplier);
    on_logit_scale(evidence->value, half, &bounds);
    return bounds;
}

/* ---- all kinds ---------------------------------------------------------------------------------- */

static const struct mlg_bounds unknown = {.known = false, .method = MLG_METHOD_NONE};

/* Bounds that the metric computes itself are of one method. Who asks for another one that rests on the same
 * errors, or for the usual one where its variance of 0 would mislead, gets these, and is told so by the
 * method of the bounds. */
static bool stands_in(enum mlg_method method, int asked)
{
    bool usual = asked == MLG_METHOD_T || asked == MLG_METHOD_T_HALL || asked == MLG_METHOD_DELTA ||
                 asked == MLG_METHOD_LINEARISED || asked == MLG_METHOD_DELONG ||
                 asked == MLG_METHOD_DELONG_LOGIT || asked == MLG_METHOD_LOGIT;
    return usual &&
           (method == MLG_METHOD_WILSON || method == MLG_METHOD_CLOPPER_PEARSON ||
            method == MLG_METHOD_DELTA || method == MLG_METHOD_LINEARISED || method == MLG_METHOD_CLUSTER);
}

static struct mlg_bounds own(const struct mlg_evidence *evidence, double confidence, int method,
                             double multiplier)
{
    struct mlg_bounds bounds = {.known = true, .method = evidence->method};
    if (method != MLG_METHOD_COUNT && (enum mlg_method)method != evidence->method &&
        !stands_in(evidence->method, method))
        return unknown;
    if (!evidence->bounds ||
        evidence->bounds(evidence->state, confidence, multiplier, &bounds.lower, &bounds.upper) != 0)
        return unknown;
    return bounds;
}

struct mlg_bounds mlg_interval(const struct mlg_evidence *evidence, double confidence, int method,
                               double multiplier)
{
    struct mlg_bounds bounds = unknown;
    if (!(confidence > 0 && confidence < 1) || !(multiplier > 0) || isnan(evidence->value))
        return unknown;
    if (evidence->kind != MLG_EXACT_VALUE && !mlg_interval_fits(evidence->kind, method))
        return unknown;
    switch (evidence->kind) {
    case MLG_UNDEFINED:
    case MLG_VALUE_ONLY:
        return unknown;
    case MLG_EXACT_VALUE:
        return (struct mlg_bounds){true, evidence->value, evidence->value, MLG_METHOD_EXACT};
    case MLG_PROPORTION:
        bounds = proportion(evidence, confidence, method, multiplier);
        break;
    case MLG_NORMAL:
        bounds = normal(evidence, confidence, method, multiplier);
        break;
    case MLG_AUC:
        bounds = area(evidence, confidence, method, multiplier);
        break;
    case MLG_LOGIT_SE:
        bounds = logit(evidence, confidence, multiplier);
        break;
    case MLG_BOUNDS:
        bounds = own(evidence, confidence, method, multiplier);
        break;
    }
    if (!bounds.known || isnan(bounds.lower) || isnan(bounds.upper))
        return unknown;
    if (method == MLG_METHOD_COUNT)
        bounds.lower -= evidence->optimism / multiplier;
    bounds.lower = fmin(fmax(bounds.lower, evidence->minimum), evidence->value);
    bounds.upper = fmax(fmin(bounds.upper, evidence->maximum), evidence->value);
    return bounds;
}
