/* contrast: two independent samples against each other. */
#include "mlgate/contrast.h"

#include <math.h>
#include <stdint.h>

#include "mlgate/distribution.h"

static const double pi = 3.14159265358979323846;

/* ---- from each one's own bounds ------------------------------------------------------------------ */

struct mlg_limits mlg_mover_difference(struct mlg_limits a, struct mlg_limits b)
{
    const double value = a.value - b.value;
    return (struct mlg_limits){value, value - hypot(a.value - a.lower, b.upper - b.value),
                               value + hypot(a.upper - a.value, b.value - b.lower)};
}

/* The bounds are where a - R b, bounded as a difference, meets 0: R^2 A - 2 R a b + C = 0. The root is
 * written so that A may be 0 or negative. */
struct mlg_limits mlg_mover_ratio(struct mlg_limits a, struct mlg_limits b)
{
    const double product = a.value * b.value;
    const double lower_a = b.upper * (2 * b.value - b.upper), lower_c = a.lower * (2 * a.value - a.lower);
    const double upper_a = b.lower * (2 * b.value - b.lower), upper_c = a.upper * (2 * a.value - a.upper);
    const double below = product + sqrt(fmax(0, product * product - lower_a * lower_c));
    const double above = product + sqrt(fmax(0, product * product - upper_a * upper_c));
    struct mlg_limits limits = {a.value / b.value, 0, (double)INFINITY};
    if (lower_c > 0 && below > 0)
        limits.lower = lower_c / below;
    /* a - R b of a negative R is lowest where b is low too. */
    if (lower_c < 0)
        limits.lower = upper_a > 0 ? lower_c / (product + sqrt(product * product - upper_a * lower_c))
                                   : -(double)INFINITY;
    if (upper_a > 0)
        limits.upper = above / upper_a;
    return limits;
}

struct mlg_limits mlg_newcombe(struct mlg_rate a, struct mlg_rate b, double confidence)
{
    return mlg_mover_difference(mlg_wilson(a, confidence), mlg_wilson(b, confidence));
}

struct mlg_limits mlg_katz(struct mlg_rate a, struct mlg_rate b, double confidence)
{
    const double ratio = (a.successes / a.trials) / (b.successes / b.trials);
    if (!(a.successes > 0) || !(b.successes > 0))
        return (struct mlg_limits){ratio, 0, (double)INFINITY};
    const double error = sqrt(1 / a.successes - 1 / a.trials + 1 / b.successes - 1 / b.trials);
    const double half = mlg_normal_quantile(confidence) * error;
    return (struct mlg_limits){ratio, ratio * exp(-half), ratio * exp(half)};
}

/* ---- scores ------------------------------------------------------------------------------------- */

static double standardise(double distance, double variance)
{
    if (variance > 0)
        return distance / sqrt(variance);
    return distance > 0 ? (double)INFINITY : distance < 0 ? -(double)INFINITY : 0;
}

double mlg_koopman_score(struct mlg_rate a, struct mlg_rate b, double ratio)
{
    const double quadratic = (a.trials + b.trials) * ratio;
    const double linear = -(a.trials * ratio + a.successes + b.trials + b.successes * ratio);
    const double constant = a.successes + b.successes;
    const double root = sqrt(fmax(0, linear * linear - 4 * quadratic * constant));
    /* The smaller root, written so that a ratio of 0 does not divide by 0. */
    const double q = fmin(1, 2 * constant / (root - linear)), p = fmin(1, ratio * q);
    const double variance = p * (1 - p) / a.trials + ratio * ratio * q * (1 - q) / b.trials;
    return standardise(a.successes / a.trials - ratio * (b.successes / b.trials), variance);
}

double mlg_miettinen_nurminen_score(struct mlg_rate a, struct mlg_rate b, double difference)
{
    const double d = difference, rows = a.trials + b.trials, all = a.successes + b.successes;
    const double third = rows, second = (a.trials + 2 * b.trials) * d - rows - all;
    const double first = (b.trials * d - rows - 2 * b.successes) * d + all,
                 zeroth = b.successes * d * (1 - d);
    const double s = second / (3 * third);
    const double q = s * s * s - second * first / (6 * third * third) + zeroth / (2 * third);
    const double r = copysign(sqrt(fmax(0, s * s - first / (3 * third))), q);
    const double cosine = r * r * r != 0 ? fmax(-1, fmin(1, q / (r * r * r))) : 0;
    const double p2 = fmax(0, fmin(1, 2 * r * cos((pi + acos(cosine)) / 3) - s));
    const double p1 = fmax(0, fmin(1, p2 + d));
    const double variance = (p1 * (1 - p1) / a.trials + p2 * (1 - p2) / b.trials) * rows / (rows - 1);
    /* At the ends of the range both the distance and the variance are rounding alone. */
    const double distance = a.successes / a.trials - b.successes / b.trials - d;
    return standardise(fabs(distance) < 1e-15 ? 0 : distance, variance < 1e-30 ? 0 : variance);
}

typedef double (*score_of)(struct mlg_rate a, struct mlg_rate b, double parameter);

/* Where the falling score crosses `level`, between low and high. */
static double solve(score_of score, struct mlg_rate a, struct mlg_rate b, double level, double low,
                    double high)
{
    enum { HALVINGS = 200 };
    for (int i = 0; i < HALVINGS; i++) {
        const double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high)
            break;
        if (score(a, b, middle) > level)
            low = middle;
        else
            high = middle;
    }
    return low + (high - low) / 2;
}

struct mlg_limits mlg_miettinen_nurminen(struct mlg_rate a, struct mlg_rate b, double confidence)
{
    const double z = mlg_normal_quantile(confidence);
    const double value = a.successes / a.trials - b.successes / b.trials;
    struct mlg_limits limits = {value, -1, 1};
    if (value > -1)
        limits.lower = solve(mlg_miettinen_nurminen_score, a, b, z, -1, value);
    if (value < 1)
        limits.upper = solve(mlg_miettinen_nurminen_score, a, b, -z, value, 1);
    return limits;
}

struct mlg_limits mlg_koopman(struct mlg_rate a, struct mlg_rate b, double confidence)
{
    const double z = mlg_normal_quantile(confidence);
    const double value = (a.successes / a.trials) / (b.successes / b.trials);
    struct mlg_limits limits = {value, 0, (double)INFINITY};
    if (a.successes > 0) {
        /* With nothing in b every ratio is below the data: the search begins where it can end. */
        double high = isfinite(value) ? value : 1;
        while (!isfinite(value) && mlg_koopman_score(a, b, high) > z && high < 1e300)
            high *= 2;
        limits.lower = solve(mlg_koopman_score, a, b, z, 0, high);
    }
    if (b.successes > 0) {
        double high = value > 0 ? 2 * value : 1;
        while (mlg_koopman_score(a, b, high) > -z && high < 1e300)
            high *= 2;
        limits.upper = solve(mlg_koopman_score, a, b, -z, value, high);
    }
    return limits;
}

/* ---- are they equal? ----------------------------------------------------------------------------- */

static double log_choose(double n, double k)
{
    return mlg_log_gamma(n + 1) - mlg_log_gamma(k + 1) - mlg_log_gamma(n - k + 1);
}

/* Of x successes in a, given both groups' sizes and the successes in all. */
static double log_probability(struct mlg_rate a, struct mlg_rate b, int64_t x)
{
    const double all = a.successes + b.successes, in_a = (double)x;
    return log_choose(a.trials, in_a) + log_choose(b.trials, all - in_a) -
           log_choose(a.trials + b.trials, all);
}

/* Away from the mode the probabilities fall: those of tables that are no likelier than `limit` are added up,
 * until they are too small to add anything. */
static double tail(struct mlg_rate a, struct mlg_rate b, int64_t from, int64_t to, double limit)
{
    const int64_t step = from <= to ? 1 : -1;
    double sum = 0;
    for (int64_t x = from; x != to + step; x += step) {
        const double one = log_probability(a, b, x);
        sum += one <= limit ? exp(one) : 0;
        if (one < limit - 60)
            break;
    }
    return sum;
}

double mlg_fisher_exact(struct mlg_rate a, struct mlg_rate b)
{
    const double all = a.successes + b.successes;
    const double least = fmax(0, all - b.trials), most = fmin(all, a.trials);
    const double mode =
        fmin(most, fmax(least, floor((all + 1) * (a.trials + 1) / (a.trials + b.trials + 2))));
    /* As R does: tables that are as likely but for rounding count too. */
    const double limit = log_probability(a, b, (int64_t)a.successes) + 1e-7;
    double sum = tail(a, b, (int64_t)mode, (int64_t)least, limit);
    if (mode < most)
        sum += tail(a, b, (int64_t)mode + 1, (int64_t)most, limit);
    return fmin(1, sum);
}

double mlg_pooled_z(struct mlg_rate a, struct mlg_rate b)
{
    const double pooled = (a.successes + b.successes) / (a.trials + b.trials);
    const double variance = pooled * (1 - pooled) * (1 / a.trials + 1 / b.trials);
    return variance > 0 ? (a.successes / a.trials - b.successes / b.trials) / sqrt(variance) : 0;
}
