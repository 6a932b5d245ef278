/* simple: a linear model fitted on columns of cells, the yardstick of a model that is judged. Private to
 * lib/stats.
 *
 * Classes: logistic regression, of more than two softmax regression, with the penalty of scikit-learn's
 * LogisticRegression(C=1). Numbers: scikit-learn's Ridge(alpha=1). The intercept is free of it. Columns
 * become what StandardScaler and OneHotEncoder make of them: numbers     less their mean, over their
 * population standard deviation; a missing one is the mean, with a column of its own that is 1 where it is
 * missing, if one is missing when the model is fitted categories  one column each for the
 * MLG_SIMPLE_CATEGORIES most frequent (of equal ones the greatest in bytes), one for all others if there are
 * any, one for missing ones if there are any; one that is met later is one of the others, or nothing where
 * there are none Columns that do not vary are left out.
 *
 * Always true: a fit does not depend on the order of rows, and a row's answer not on what other rows there
 * are; what is told is rounded, so that the processor's kernels of OpenBLAS leave no trace in it.
 */
#ifndef MLG_STATS_SIMPLE_H
#define MLG_STATS_SIMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dense.h"
#include "mlgate/arena.h"
#include "mlgate/error.h"

enum {
    MLG_SIMPLE_CATEGORIES = 50,
    MLG_SIMPLE_COEFFICIENTS = 3000, /* of all classes together: 72 MB of second derivatives */
    MLG_SIMPLE_BITS = 40            /* of what is told: twelve digits */
};
#define MLG_SIMPLE_WORK 4e12 /* rows x coefficients^2: some minutes */

/* One column of cells. */
struct mlg_feature {
    const char *name;
    bool is_numeric;
    const double *numbers;    /* NaN: missing */
    const uint32_t *codes;    /* else: of texts; MLG_CODE_MISSING: missing */
    const char *const *texts; /* all different */
    size_t text_count;
};

struct mlg_features {
    size_t rows, count;
    const struct mlg_feature *items;
};

/* What is to be told from the columns: classes, or (classes NULL) numbers. */
struct mlg_simple_target {
    const uint16_t *classes; /* below class_count */
    size_t class_count;
    const double *numbers;
    const double *weights; /* as scikit-learn's sample_weight; rows of weight 0 are left out; NULL: all 1 */
};

enum { MLG_SIMPLE_NONE = -1 };

/* What a column becomes. */
struct mlg_simple_column {
    int number, missing, first, other; /* columns of the design, or MLG_SIMPLE_NONE */
    double factor, mean, deviation;    /* a number's is (number * factor - mean) / deviation */
    const char **texts;                /* of the categories, in the order of bytes: columns from `first` on */
    size_t text_count;
};

struct mlg_simple {
    const char *undefined; /* why there is no model; NULL: there is one */
    size_t feature_count, class_count;
    struct mlg_simple_column *columns;
    size_t width;      /* of the design, without the intercept */
    size_t units;      /* vectors of coefficients: 1, or one for each class that was seen, of more than two */
    uint16_t *seen;    /* the classes that were seen, ascending */
    size_t seen_count; /* 0: numbers */
    double *coefficients; /* [unit][width + 1], the intercept last */
    unsigned steps;       /* Newton's */
};

/* The error is for want of memory or for more than a limit allows. */
int mlg_simple_fit(const struct mlg_features *features, const struct mlg_simple_target *target,
                   const struct mlg_dense *dense, struct mlg_arena *arena, struct mlg_simple *model,
                   struct mlg_error *error);
/* `model` in memory of `arena`. False: no memory. */
bool mlg_simple_copy(const struct mlg_simple *model, struct mlg_arena *arena, struct mlg_simple *copy);
/* Fills out[class][row] with probabilities, or out[0][row] with numbers. The columns are those of the fit, in
 * its order; codes may be others. False: no memory. */
bool mlg_simple_predict(const struct mlg_simple *model, const struct mlg_features *features,
                        double *const *out);
/* How much each column moves the answers: the standard deviation over the rows of what it adds, of several
 * units the largest. False: no memory. */
bool mlg_simple_spread(const struct mlg_simple *model, const struct mlg_features *features, double *spread);

#endif
