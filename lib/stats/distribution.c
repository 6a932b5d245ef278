/* Distribution functions.
 *
 * The incomplete beta function stands on three legs: a density that does not lose digits for large
 * parameters (deviance form after Loader, "Fast and accurate computation of binomial probabilities",
 * 2000), a continued fraction (DLMF 8.17.22) where it converges quickly, and Gauss-Legendre panels over
 * the tail where both parameters are large. Quantiles are Newton steps on the logarithm of the smaller
 * tail, within a bracket. */
#include "mlgate/distribution.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

static const double half_log_two_pi = 0.91893853320467274178;
static const double inverse_sqrt_two_pi = 0.39894228040143267794;

/* ---- log gamma ----------------------------------------------------------------------------------- */

/* log(gamma(x)) less Stirling's leading terms, (x - 1/2) log x - x + log(2 pi)/2. */
static double stirling_rest(double x)
{
    if (x < 10)
        return mlg_log_gamma(x) - ((x - 0.5) * log(x) - x + half_log_two_pi);
    double r = 1 / (x * x);
    return (1.0 / 12 - r * (1.0 / 360 -
                            r * (1.0 / 1260 - r * (1.0 / 1680 - r * (1.0 / 1188 - r * (691.0 / 360360 -
                                                                                       r * (1.0 / 156))))))) /
           x;
}

/* log(gamma(2 + y)), |y| <= 1/2, by its Taylor series: y (1 - Euler) + sum (-1)^k (zeta(k) - 1) y^k / k. */
static double log_gamma_near_two(double y)
{
    static const double coefficient[] = {
        0.32246703342411321824,     -0.067352301053198095133,   0.020580808427784547879,
        -0.0073855510286739852663,  0.0028905103307415232858,   -0.0011927539117032609771,
        0.00050966952474304242234,  -0.00022315475845357937976, 9.9457512781808533715e-05,
        -4.49262367381331417e-05,   2.0507212775670691553e-05,  -9.439489275268395904e-06,
        4.3748667899074878042e-06,  -2.0392157538013662368e-06, 9.5514121304074198329e-07,
        -4.4924691987645660433e-07, 2.1207184805554665869e-07,  -1.0043224823968099609e-07,
        4.7698101693639805658e-08,  -2.271109460894316491e-08,  1.0838659214896954091e-08,
        -5.1834750419700466551e-09, 2.4836745438024783172e-09,  -1.1921401405860912074e-09,
        5.7313672416788620133e-10,  -2.7595228851242331452e-10, 1.3304764374244489481e-10,
    };
    double sum = 0;
    for (size_t i = sizeof coefficient / sizeof *coefficient; i-- > 0;)
        sum = (sum + coefficient[i]) * y;
    return y * (0.42278433509846713939 + sum);
}

double mlg_log_gamma(double x)
{
    if (!(x > 0))
        return NAN;
    if (x >= 10)
        return isinf(x) ? x : (x - 0.5) * (log(x) - 1) + (half_log_two_pi - 0.5) + stirling_rest(x);
    if (x < 0.5)
        return log_gamma_near_two(x) - log1p(x) - log(x);
    if (x < 1.5)
        return log_gamma_near_two(x - 1) - log(x);
    double product = 1;
    while (x >= 2.5) {
        x -= 1;
        product *= x;
    }
    return log_gamma_near_two(x - 2) + log(product);
}

/* ---- normal -------------------------------------------------------------------------------------- */

double mlg_normal_cdf(double x)
{
    /* The rounding of x / sqrt(2) would cost x^2 ulps in the tail: it is put right to first order. */
    static const double r_high = 0.70710678118654752440, r_low = -4.8336466567264567e-17;
    double z = -x * r_high;
    double lost = fma(-x, r_high, -z) - x * r_low;
    double value = 0.5 * erfc(z);
    if (isfinite(lost))
        value -= lost * exp(-z * z) * 0.56418958354775628695;
    return value;
}

static double normal_density(double x)
{
    return inverse_sqrt_two_pi * exp(-0.5 * x * x);
}

double mlg_normal_quantile(double probability)
{
    if (!(probability >= 0 && probability <= 1))
        return NAN;
    if (probability == 0 || probability == 1)
        return probability == 0 ? -INFINITY : INFINITY;
    bool upper = probability > 0.5;
    double p = upper ? 1 - probability : probability;
    double centre = 0.5 - p;
    /* Start: Abramowitz and Stegun 26.2.23, |error| < 4.5e-4; two steps of Halley cube it twice. */
    double t = sqrt(-2 * log(p));
    double x =
        (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
    for (int i = 0; i < 3; i++) {
        double miss = p > 0.25 ? 0.5 * erf(x * 0.70710678118654752440) + centre : mlg_normal_cdf(x) - p;
        double step = miss / normal_density(x);
        x -= step / (1 + 0.5 * x * step);
    }
    return upper ? -x : x;
}

/* ---- Gauss-Legendre ------------------------------------------------------------------------------ */

enum { NODES = 8 };
static const struct {
    double at, weight;
} legendre16[NODES] = {
    {0.9894009349916499326, 0.027152459411754094852}, {0.94457502307323257608, 0.062253523938647892863},
    {0.86563120238783174388, 0.09515851168249278481}, {0.7554044083550030339, 0.12462897125553387205},
    {0.61787624440264374845, 0.14959598881657673208}, {0.45801677765722738634, 0.16915651939500253819},
    {0.28160355077925891323, 0.18260341504492358887}, {0.095012509837637440185, 0.18945061045506849629},
};

/* ---- incomplete beta ----------------------------------------------------------------------------- */

/* x in (0, 1) with its complement, neither of which has lost digits. */
struct share {
    double x, y;
};

/* k log(k / mean) - (k - mean), difference = k - mean: half the deviance of a Poisson count. */
static double deviance(double k, double mean, double difference)
{
    double v = difference / (k + mean);
    if (fabs(v) > 0.3)
        return k * log(k / mean) - difference;
    double sum = difference * v, term = 2 * k * v, v2 = v * v;
    for (int j = 3; j < 60; j += 2) {
        term *= v2;
        double next = sum + term / j;
        if (next == sum)
            break;
        sum = next;
    }
    return sum;
}

/* What beta_density needs of the parameters alone. */
struct beta {
    double a, b, n, n_lost, log_scale, scale;
};

static struct beta beta_of(double a, double b)
{
    struct beta beta = {.a = a, .b = b, .n = a + b};
    double part = beta.n - a;
    beta.n_lost = (a - (beta.n - part)) + (b - part);
    beta.log_scale = stirling_rest(beta.n) - stirling_rest(a) - stirling_rest(b);
    beta.scale = inverse_sqrt_two_pi * sqrt(a / beta.n * b);
    return beta;
}

/* x^a y^b / B(a, b): the derivative of the lower tail with respect to log(x / y). */
static double beta_density(const struct beta *beta, struct share s)
{
    double a = beta->a, b = beta->b, n = beta->n;
    double difference =
        s.x <= s.y ? fma(-n, s.x, a) - beta->n_lost * s.x : fma(n, s.y, -b) + beta->n_lost * s.y;
    double exponent = beta->log_scale - deviance(a, n * s.x, difference) - deviance(b, n * s.y, -difference);
    return beta->scale * exp(exponent);
}

/* The lower tail divided by its density; x below the mean. */
static double tail_by_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double h = d;
    for (int m = 1; m < 100000; m++) {
        double k = 2.0 * m;
        double even = m * (b - m) * x / ((a + k - 1) * (a + k));
        d = 1 + even * d;
        c = 1 + even / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        h *= d * c;
        double odd = -(a + m) * (a + b + m) * x / ((a + k) * (a + k + 1));
        d = 1 + odd * d;
        c = 1 + odd / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        double step = d * c;
        h *= step;
        if (fabs(step - 1) < 2e-16)
            break;
    }
    return h / a;
}

/* The lower tail; x below the mean, a large. */
static double tail_by_panels(const struct beta *beta, struct share s)
{
    double a = beta->a, b = beta->b, n = beta->n, sum = 0;
    double deviation = sqrt(a / n * (b / n) / (n + 1));
    for (int panel = 0; panel < 200; panel++) {
        double slope = (a - 1) / s.x - (b - 1) / s.y;
        double width = 2 / fmax(1 / deviation, slope);
        width = fmin(width, fmin(s.x, s.y)); /* the density may have a pole at either end */
        double part = 0;
        for (int i = 0; i < 2 * NODES; i++) {
            double at = i < NODES ? 1 - legendre16[i].at : 1 + legendre16[i - NODES].at;
            struct share t = {s.x - 0.5 * width * at, s.y + 0.5 * width * at};
            if (t.x > 0)
                part += legendre16[i % NODES].weight * beta_density(beta, t) / (t.x * t.y);
        }
        part *= 0.5 * width;
        sum += part;
        s.x -= width;
        s.y += width;
        if (!(part > 1e-18 * sum) || s.x <= 0)
            break;
    }
    return sum;
}

enum { PANELS_FROM = 1000 }; /* the fraction needs ever more terms; above this panels are quicker */

static void beta_tails(const struct beta *beta, struct share s, double *lower, double *upper, double *density)
{
    double a = beta->a, b = beta->b;
    *density = beta_density(beta, s);
    if (s.x <= (a + 1) / (a + b + 2)) {
        *lower = a > PANELS_FROM ? tail_by_panels(beta, s) : *density * tail_by_fraction(a, b, s.x);
        *upper = 1 - *lower;
    } else {
        struct beta mirrored = *beta;
        mirrored.a = b;
        mirrored.b = a;
        struct share m = {s.y, s.x};
        *upper = b > PANELS_FROM ? tail_by_panels(&mirrored, m) : *density * tail_by_fraction(b, a, s.y);
        *lower = 1 - *upper;
    }
}

static struct share share_of_logit(double logit)
{
    double e = exp(-fabs(logit));
    struct share s = {1 / (1 + e), e / (1 + e)};
    if (logit < 0)
        s = (struct share){s.y, s.x};
    return s;
}

/* The logit at which the lower tail is p; q = 1 - p, given apart so that neither has lost digits. */
static double beta_quantile_logit(double p, double q, double a, double b)
{
    struct beta beta = beta_of(a, b);
    bool by_lower = p <= q;
    double low = -745, high = 745;
    double logit = log(a) - log(b) + mlg_normal_quantile(p) * sqrt(1 / a + 1 / b);
    if (a < 2 || b < 2) { /* far in a tail with a small parameter the tail is a power */
        double log_beta = mlg_log_gamma(a) + mlg_log_gamma(b) - mlg_log_gamma(a + b);
        double left = (log(p * a) + log_beta) / a, right = -(log(q * b) + log_beta) / b;
        if (by_lower && a < 2 && left < -1)
            logit = left;
        else if (!by_lower && b < 2 && right > 1)
            logit = right;
    }
    for (int i = 0; i < 200; i++) {
        if (!(logit > low && logit < high))
            logit = 0.5 * (low + high);
        double lower, upper, density;
        beta_tails(&beta, share_of_logit(logit), &lower, &upper, &density);
        double tail = by_lower ? lower : upper;
        double miss = by_lower ? log(tail / p) : -log(tail / q);
        if (miss > 0)
            high = logit;
        else
            low = logit;
        double step = miss * (tail / density);
        double next = logit - step;
        if (!isfinite(next))
            next = 0.5 * (low + high);
        else if (fabs(step) <= 1e-9 * fmax(1e-3, fmin(1, sqrt(1 / a + 1 / b))))
            return next; /* the error squares: what is left is under a rounding */
        if (high - low <= 1e-15 * fabs(low))
            break;
        logit = next;
    }
    return logit;
}

static bool beta_domain(double a, double b)
{
    return a > 0 && b > 0 && isfinite(a) && isfinite(b);
}

double mlg_beta_cdf(double x, double a, double b)
{
    if (!beta_domain(a, b) || !(x >= 0 && x <= 1))
        return NAN;
    if (x == 0 || x == 1)
        return x;
    struct beta beta = beta_of(a, b);
    double lower, upper, density;
    beta_tails(&beta, (struct share){x, 1 - x}, &lower, &upper, &density);
    return lower;
}

double mlg_beta_quantile(double probability, double a, double b)
{
    if (!beta_domain(a, b) || !(probability >= 0 && probability <= 1))
        return NAN;
    if (probability == 0 || probability == 1)
        return probability;
    return share_of_logit(beta_quantile_logit(probability, 1 - probability, a, b)).x;
}

/* ---- Student's t --------------------------------------------------------------------------------- */

enum { T_PANELS_FROM = 200 }; /* degrees of freedom from which the density is integrated as it stands */

struct student {
    double degrees, scale;
};

static struct student student_of(double degrees)
{
    double a = degrees / 2;
    return (struct student){degrees, inverse_sqrt_two_pi * exp(a * log1p(0.5 / a) - 0.5 +
                                                               stirling_rest(a + 0.5) - stirling_rest(a))};
}

static double student_density(const struct student *t, double x)
{
    return t->scale * exp(-0.5 * (t->degrees + 1) * log1p(x * x / t->degrees));
}

static double student_panel(const struct student *t, double from, double to)
{
    double middle = 0.5 * (from + to), half = 0.5 * (to - from), sum = 0;
    for (int i = 0; i < NODES; i++)
        sum += legendre16[i].weight * (student_density(t, middle - half * legendre16[i].at) +
                                       student_density(t, middle + half * legendre16[i].at));
    return half * sum;
}

static double student_upper_tail(const struct student *t, double x)
{
    double sum = 0;
    for (int panel = 0; panel < 1000; panel++) {
        double slope = (t->degrees + 1) * x / (t->degrees + x * x);
        double width = 2 / fmax(1, slope);
        double part = student_panel(t, x, x + width);
        sum += part;
        x += width;
        if (!(part > 1e-18 * sum))
            break;
    }
    return sum;
}

double mlg_t_cdf(double x, double degrees)
{
    if (!(degrees > 0) || isnan(x))
        return NAN;
    if (isinf(degrees) || isinf(x))
        return mlg_normal_cdf(x);
    if (x == 0)
        return 0.5;
    double tail; /* of one side, beyond |x| */
    double size = fabs(x);
    if (degrees > T_PANELS_FROM) {
        struct student t = student_of(degrees);
        if (size < 0.5)
            return 0.5 + copysign(student_panel(&t, 0, size), x);
        tail = student_upper_tail(&t, size);
    } else {
        double r = size / sqrt(degrees), r2 = r * r;
        struct share s = {1 / (1 + r2), r2 > 1 ? 1 / (1 + 1 / r2) : r2 / (1 + r2)};
        if (s.x == 0)
            return x < 0 ? 0 : 1;
        if (s.y == 0)
            return 0.5;
        struct beta beta = beta_of(0.5 * degrees, 0.5);
        double lower, upper, density;
        beta_tails(&beta, s, &lower, &upper, &density);
        if (upper < 0.5)
            return 0.5 + copysign(0.5 * upper, x);
        tail = 0.5 * lower;
    }
    return x < 0 ? tail : 1 - tail;
}

double mlg_t_quantile(double probability, double degrees)
{
    if (!(degrees > 0) || !(probability >= 0 && probability <= 1))
        return NAN;
    if (isinf(degrees) || probability == 0 || probability == 1)
        return mlg_normal_quantile(probability);
    if (probability == 0.5)
        return 0;
    bool negative = probability < 0.5;
    double p = negative ? probability : 1 - probability, centre = 0.5 - p, size;
    if (degrees > T_PANELS_FROM) {
        struct student t = student_of(degrees);
        double z = -mlg_normal_quantile(p);
        size = z + z * (z * z + 1) / (4 * degrees);
        for (int i = 0; i < 50; i++) {
            double step;
            if (p > 0.3) {
                step = (centre - student_panel(&t, 0, size)) / student_density(&t, size);
            } else {
                double tail = student_upper_tail(&t, size);
                step = log(tail / p) * (tail / student_density(&t, size));
            }
            size += step;
            if (fabs(step) <= 1e-9 * size)
                break;
        }
    } else {
        double logit = beta_quantile_logit(2 * p, 2 * centre, 0.5 * degrees, 0.5);
        size = sqrt(degrees) * exp(-0.5 * logit);
    }
    return negative ? -size : size;
}
