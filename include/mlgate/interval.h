/* interval: from evidence to one-sided bounds.
 *
 * A metric hands over evidence: its value and what its uncertainty rests on. Bounds at any confidence,
 * and the number of rows that would decide a check, are functions of the evidence alone.
 *
 * Always true: lower and upper are each one-sided bounds at `confidence`; they enclose the value and
 * stay inside the metric's range (a bound is infinite where the data cannot bound that side; reports show
 * none then); undefined evidence has no bounds; a method that is not known for a
 * kind of evidence is refused when the configuration is read, never replaced silently.
 */
#ifndef MLGATE_INTERVAL_H
#define MLGATE_INTERVAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/error.h"
#include "mlgate/fraction.h"

/* One row per method: its name in `interval:` and in results.json, and its source. */
enum mlg_method {
    MLG_METHOD_NONE,  /* no interval known */
    MLG_METHOD_EXACT, /* no sampling error: counts */
    MLG_METHOD_WILSON,
    MLG_METHOD_CLOPPER_PEARSON,
    MLG_METHOD_JEFFREYS,
    MLG_METHOD_T,
    MLG_METHOD_T_HALL, /* as t, with Hall's correction for skewed terms where that is wider */
    MLG_METHOD_DELTA,
    MLG_METHOD_DELONG,
    MLG_METHOD_DELONG_LOGIT,
    MLG_METHOD_DELONG_SCORE, /* delong's error, skewed as a proportion's: near 0 and 1, or few rows */
    MLG_METHOD_LOGIT,        /* Boyd, Eng, Page 2013: average precision */
    MLG_METHOD_ORDER,
    MLG_METHOD_FOLDED_NORMAL, /* calibration error */
    MLG_METHOD_LINEARISED,    /* weights: Taylor linearisation */
    MLG_METHOD_CLUSTER,       /* clusters: sandwich, t with at most C - 1 degrees of freedom */
    MLG_METHOD_TANGO,         /* paired proportions */
    MLG_METHOD_PAIRED,        /* paired differences of influence values */
    MLG_METHOD_NEWCOMBE,      /* difference of two proportions */
    MLG_METHOD_MIETTINEN_NURMINEN,
    MLG_METHOD_KOOPMAN, /* ratio of two proportions */
    MLG_METHOD_KATZ,
    MLG_METHOD_MOVER, /* two groups, from each one's own bounds */
    MLG_METHOD_MOVER_CLOPPER_PEARSON,
    MLG_METHOD_DKW, /* distributions of scores */
    MLG_METHOD_COUNT
};

struct mlg_method_row {
    const char *name;
    const char *about;  /* one sentence */
    const char *source; /* citation */
};
extern const struct mlg_method_row mlg_methods[MLG_METHOD_COUNT];
/* MLG_METHOD_COUNT for "auto"; -1: unknown. */
int mlg_method_find(const char *name);

/* What the bounds of a value rest on. */
enum mlg_evidence_kind {
    MLG_UNDEFINED,   /* `reason` says why; e.g. "no positive labels in 20 rows" */
    MLG_VALUE_ONLY,  /* a value without a known interval */
    MLG_EXACT_VALUE, /* a count */
    MLG_PROPORTION,  /* successes of trials, unweighted: compared with limits in integers */
    MLG_NORMAL,      /* value, standard error, degrees of freedom (infinite: normal) */
    MLG_AUC,         /* as normal, with the smaller class's size for the bounds near 1 or 0 */
    MLG_LOGIT_SE,    /* standard error on the logit scale */
    MLG_BOUNDS       /* bounds computed by the metric itself through `bounds` */
};

enum { MLG_REASON_SIZE = 256 };

struct mlg_evidence {
    enum mlg_evidence_kind kind;
    double value;
    double minimum, maximum;               /* the metric's range, for clipping; infinities where none */
    uint64_t n;                            /* rows (positives, queries) that the value rests on */
    uint64_t rows;                         /* of the slice, filled by who evaluates; 0: as n */
    bool of_queries;                       /* n counts queries */
    uint64_t numerator, denominator;       /* the value as a ratio of counts; denominator 0: it is none */
    const struct mlg_fractions *fractions; /* the value as a sum of such; NULL: it is none */
    double standard_error, degrees;
    double skewness; /* of the terms of the mean, over the root of their number; 0: unknown, or no mean */
    double
        optimism; /* by how much the value is too high on average where there are so few rows; 0: unknown */
    uint64_t classes; /* of how many classes it is a mean that leaves out those without rows; 0: it is none */
    enum mlg_method method; /* under auto; MLG_METHOD_WILSON for proportions: auto chooses */
    double smaller_class;   /* MLG_AUC: its rows; with weights their effective number */
    /* MLG_BOUNDS: fills lower and upper at the confidence for `multiplier` times as many rows that
     * look the same; returns nonzero where it cannot (multiplier != 1). `state` lives in the arena that
     * the metric was given. */
    int (*bounds)(const void *state, double confidence, double multiplier, double *lower, double *upper);
    const void *state;
    bool lacks_positive; /* undefined since it is not known which class is the positive one */
    /* undefined: why; a value only: why it has no bounds, and what helps; bounds that cannot be had for more
     * rows: what may decide instead; or "" */
    char reason[MLG_REASON_SIZE];
    char note[MLG_REASON_SIZE]; /* something a reader should know, e.g. "fewer than 20 clusters" */
};

struct mlg_bounds {
    bool known; /* false: no interval (method none, or undefined) */
    double lower, upper;
    enum mlg_method method; /* the one used */
};

/* `successes` of `trials`; 0 <= successes <= trials, trials > 0. Not necessarily whole: more rows of the same
 * kind, or an effective number of them. */
struct mlg_rate {
    double successes, trials;
};

/* A value with bounds, lower <= value <= upper, each one-sided. */
struct mlg_limits {
    double value, lower, upper;
};

/* The intervals of a proportion, by themselves. */
struct mlg_limits mlg_wilson(struct mlg_rate rate, double confidence);
struct mlg_limits mlg_clopper_pearson(struct mlg_rate rate, double confidence);
/* The one that auto chooses: Clopper and Pearson's for small counts, else Wilson's. */
enum mlg_method mlg_proportion_method(struct mlg_rate rate);
struct mlg_limits mlg_proportion(struct mlg_rate rate, double confidence);

/* A mean. `skewness`: that of its terms, over the root of their number. */
struct mlg_mean {
    double value, standard_error, degrees, skewness;
};
/* By how much the halves of a mean's interval are wider than its error says. Where few terms carry a mean,
 * large ones were missed as easily as seen: with 5 that carry it the half towards them is 3.6 times as wide,
 * with 20 a fifth wider, with 100 a thirtieth. And few terms (clusters, above all) do not even tell how
 * skewed they are, or how much a ratio of two means varies. */
struct mlg_caution {
    double lower, upper;
};
struct mlg_caution mlg_mean_caution(double skewness, double degrees, double multiplier);
/* Fewer than so many that carry a mean are worth a remark. */
#define MLG_FEW_CARRIERS 10.
/* Student's t, or where Hall's transformation is wider, that, with caution; as if there were `multiplier`
 * times as many. */
struct mlg_limits mlg_mean_limits(struct mlg_mean mean, double confidence, double multiplier);
/* The sample skewness over the root of `count`, from the sums of the second and third powers of the
 * deviations; 0 where there are too few. */
double mlg_sample_skewness(double squares, double cubes, double count);

/* Bounds at `confidence` by `method` (MLG_METHOD_COUNT: auto), as if there were `multiplier` times as
 * many rows that look the same (1: the data at hand). */
struct mlg_bounds mlg_interval(const struct mlg_evidence *evidence, double confidence, int method,
                               double multiplier);
/* Can `method` be used for this kind of evidence? */
bool mlg_interval_fits(enum mlg_evidence_kind kind, int method);

#endif
