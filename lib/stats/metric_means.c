/* metric_means: everything that is a mean of per-row losses, or a function of a few such means.
 *
 * A metric adds up at most MLG_TERMS numbers per row, exactly (sum.h); value and variance follow from the
 * sums in double-double arithmetic. With psi = w (c_0 + sum of c_t u_t) the influence of a row, variance =
 * n/(n-1) sum of psi^2 is a quadratic form in the sums of w^2, w^2 u and w^2 u u, so that one pass suffices.
 * Large offsets (labels about 10^7 apart by 0.1) cancel there: that is why nothing is rounded on the way. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "family.h"
#include "mlgate/distribution.h"

/* ---- terms -------------------------------------------------------------------------------------- */

/* scikit-learn 1.5 and later: the smallest probability that a logarithm sees. */
#define PROBABILITY_EPSILON DBL_EPSILON

/* Probability that was given to the label. */
static double own_probability(const struct mlg_rows *rows, size_t row)
{
    if (rows->score_count > 1)
        return rows->scores[rows->score_of_label[row]][row];
    return rows->positive[row] ? rows->scores[0][row] : 1 - rows->scores[0][row];
}

static double log_loss_of(double probability)
{
    return -log(fmin(fmax(probability, PROBABILITY_EPSILON), 1 - PROBABILITY_EPSILON));
}

static size_t compute_log_loss(const struct mlg_rows *rows, const double parameters[4], double *const *out,
                               const char **why)
{
    (void)parameters, (void)why;
    for (size_t i = 0; i < rows->count; i++)
        out[0][i] = log_loss_of(own_probability(rows, i));
    return 0;
}

static size_t compute_brier(const struct mlg_rows *rows, const double parameters[4], double *const *out,
                            const char **why)
{
    (void)parameters, (void)why;
    if (rows->score_count == 1) {
        for (size_t i = 0; i < rows->count; i++) {
            const double miss = rows->scores[0][i] - (rows->positive[i] ? 1 : 0);
            out[0][i] = miss * miss;
        }
        return 0;
    }
    /* Two columns say the same thing twice; halved, they are the classical score of one column. */
    const double scale = rows->score_count == 2 ? 0.5 : 1;
    for (size_t i = 0; i < rows->count; i++)
        out[0][i] = 0;
    for (size_t k = 0; k < rows->score_count; k++)
        for (size_t i = 0; i < rows->count; i++) {
            const double miss = rows->scores[k][i] - (rows->score_of_label[i] == k ? 1 : 0);
            out[0][i] += scale * miss * miss;
        }
    return 0;
}

static size_t compute_score(const struct mlg_rows *rows, const double parameters[4], double *const *out,
                            const char **why)
{
    (void)parameters;
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->score_count > 1) {
            *why = "the mean score is that of one score column, and there is one per class";
            return i + 1;
        }
        out[0][i] = rows->scores[0][i];
    }
    return 0;
}

static size_t compute_excess(const struct mlg_rows *rows, const double parameters[4], double *const *out,
                             const char **why)
{
    const size_t bad = compute_score(rows, parameters, out, why);
    for (size_t i = 0; bad == 0 && i < rows->count; i++)
        out[0][i] -= rows->positive[i] ? 1 : 0;
    return bad;
}

/* Several columns: one term, 1 where the label is among the k best; of equal scores the later class is the
 * better one, as in scikit-learn. One column and k = 1: right with the threshold 0.5, and with 0. */
static size_t compute_top_k(const struct mlg_rows *rows, const double parameters[4], double *const *out,
                            const char **why)
{
    (void)why;
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->score_count == 1) {
            const double score = rows->scores[0][i];
            out[0][i] = (score > 0.5) == (rows->positive[i] != 0);
            out[1][i] = (score > 0) == (rows->positive[i] != 0);
            continue;
        }
        const size_t own = rows->score_of_label[i];
        const double score = rows->scores[own][i];
        double better = 0;
        for (size_t k = 0; k < rows->score_count; k++)
            better += rows->scores[k][i] > score || (k > own && rows->scores[k][i] == score);
        out[0][i] = out[1][i] = better < parameters[0];
    }
    return 0;
}

static size_t compute_squared(const struct mlg_rows *rows, const double parameters[4], double *const *out,
                              const char **why)
{
    (void)parameters, (void)why;
    for (size_t i = 0; i < rows->count; i++) {
        const double error = rows->label_number[i] - rows->prediction_number[i];
        out[0][i] = error * error;
    }
    return 0;
}

static size_t compute_error(const struct mlg_rows *rows, const double parameters[4], double *const *out,
                            const char **why)
{
    (void)parameters, (void)why;
    for (size_t i = 0; i < rows->count; i++)
        out[0][i] = rows->prediction_number[i] - rows->label_number[i];
    return 0;
}

static size_t compute_relative(const struct mlg_rows *rows, const double parameters[4], double *const *out,
                               const char **why)
{
    (void)parameters, (void)why;
    for (size_t i = 0; i < rows->count; i++)
        out[0][i] = fabs(rows->label_number[i] - rows->prediction_number[i]) /
                    fmax(fabs(rows->label_number[i]), DBL_EPSILON);
    return 0;
}

static size_t compute_squared_log(const struct mlg_rows *rows, const double parameters[4], double *const *out,
                                  const char **why)
{
    (void)parameters;
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->label_number[i] <= -1 || rows->prediction_number[i] <= -1) {
            *why = "msle takes labels and predictions above -1";
            return i + 1;
        }
        const double error = log1p(rows->label_number[i]) - log1p(rows->prediction_number[i]);
        out[0][i] = error * error;
    }
    return 0;
}

static size_t compute_pinball(const struct mlg_rows *rows, const double parameters[4], double *const *out,
                              const char **why)
{
    (void)why;
    for (size_t i = 0; i < rows->count; i++) {
        const double error = rows->label_number[i] - rows->prediction_number[i];
        out[0][i] = error >= 0 ? parameters[0] * error : (parameters[0] - 1) * error;
    }
    return 0;
}

/* Why Tweedie's deviance does not exist for a pair, or NULL. */
static const char *tweedie_refuses(double label, double prediction, double power)
{
    if (power != 0 && prediction <= 0)
        return "Tweedie's deviance of this power takes predictions above 0";
    if (power >= 2 && label <= 0)
        return "Tweedie's deviance of power 2 and more takes labels above 0";
    if (power >= 1 && label < 0)
        return "Tweedie's deviance of power 1 and more takes labels of 0 and above";
    return NULL;
}

static double tweedie_of(double label, double prediction, double power)
{
    if (power == 0)
        return (label - prediction) * (label - prediction);
    if (power == 1)
        return 2 * ((label > 0 ? label * log(label / prediction) : 0) - label + prediction);
    if (power == 2)
        return 2 * (log(prediction / label) + label / prediction - 1);
    return 2 * (pow(fmax(label, 0), 2 - power) / ((1 - power) * (2 - power)) -
                label * pow(prediction, 1 - power) / (1 - power) + pow(prediction, 2 - power) / (2 - power));
}

static size_t compute_tweedie(const struct mlg_rows *rows, const double parameters[4], double *const *out,
                              const char **why)
{
    for (size_t i = 0; i < rows->count; i++) {
        const double label = rows->label_number[i], prediction = rows->prediction_number[i];
        if ((*why = tweedie_refuses(label, prediction, parameters[0])) != NULL)
            return i + 1;
        out[0][i] = tweedie_of(label, prediction, parameters[0]);
    }
    return 0;
}

/* x, and x^2 as the unevaluated sum of two numbers: nothing is lost when the square of the mean is taken off.
 */
static void put_squares(double x, double *const *out, unsigned first, size_t row)
{
    const double square = x * x;
    out[first][row] = x;
    out[first + 1][row] = square;
    out[first + 2][row] = isfinite(square) ? fma(x, x, -square) : 0;
}

static size_t compute_label_squares(const struct mlg_rows *rows, const double parameters[4],
                                    double *const *out, const char **why)
{
    (void)parameters, (void)why;
    for (size_t i = 0; i < rows->count; i++)
        put_squares(rows->label_number[i], out, 0, i);
    return 0;
}

static size_t compute_error_squares(const struct mlg_rows *rows, const double parameters[4],
                                    double *const *out, const char **why)
{
    (void)parameters, (void)why;
    for (size_t i = 0; i < rows->count; i++)
        put_squares(rows->label_number[i] - rows->prediction_number[i], out, 0, i);
    return 0;
}

/* Squared error, label, and its square in two parts. */
static size_t compute_r2(const struct mlg_rows *rows, const double parameters[4], double *const *out,
                         const char **why)
{
    (void)parameters, (void)why;
    for (size_t i = 0; i < rows->count; i++) {
        const double error = rows->label_number[i] - rows->prediction_number[i];
        out[0][i] = error * error;
        put_squares(rows->label_number[i], out, 1, i);
    }
    return 0;
}

/* Squared error, error, label, its square. */
static size_t compute_explained(const struct mlg_rows *rows, const double parameters[4], double *const *out,
                                const char **why)
{
    (void)parameters, (void)why;
    for (size_t i = 0; i < rows->count; i++) {
        const double label = rows->label_number[i], error = label - rows->prediction_number[i];
        out[0][i] = error * error;
        out[1][i] = error;
        out[2][i] = label;
        out[3][i] = label * label;
    }
    return 0;
}

/* Deviance, label, and h(label) in two parts: what the deviance from a constant consists of. */
static size_t compute_d2_tweedie(const struct mlg_rows *rows, const double parameters[4], double *const *out,
                                 const char **why)
{
    const double power = parameters[0];
    const size_t bad = compute_tweedie(rows, parameters, out, why);
    for (size_t i = 0; i < (bad ? bad - 1 : rows->count); i++) {
        const double label = rows->label_number[i];
        put_squares(label, out, 1, i);
        if (power == 0)
            continue;
        out[2][i] = power == 1   ? (label > 0 ? label * log(label) : 0)
                    : power == 2 ? log(label)
                                 : pow(fmax(label, 0), 2 - power);
        out[3][i] = 0;
    }
    return bad;
}

static const struct mlg_terms terms_log_loss = {
    .name = "log_loss", .count = 1, .products = true, .compute = compute_log_loss};
static const struct mlg_terms terms_brier = {
    .name = "brier", .count = 1, .products = true, .compute = compute_brier};
static const struct mlg_terms terms_top_k = {
    .name = "top_k", .count = 2, .products = true, .compute = compute_top_k};
static const struct mlg_terms terms_absolute = {
    .name = "absolute_error", .count = 1, .products = true, .compute = mlg_family_absolute_error};
static const struct mlg_terms terms_squared = {
    .name = "squared_error", .count = 1, .products = true, .compute = compute_squared};
static const struct mlg_terms terms_error = {
    .name = "error", .count = 1, .products = true, .compute = compute_error};
static const struct mlg_terms terms_score = {
    .name = "score", .count = 1, .products = true, .compute = compute_score};
static const struct mlg_terms terms_excess = {
    .name = "excess", .count = 1, .products = true, .compute = compute_excess};
static const struct mlg_terms terms_relative = {
    .name = "relative_error", .count = 1, .products = true, .compute = compute_relative};
static const struct mlg_terms terms_squared_log = {
    .name = "squared_log_error", .count = 1, .products = true, .compute = compute_squared_log};
static const struct mlg_terms terms_pinball = {
    .name = "pinball", .count = 1, .products = true, .compute = compute_pinball};
static const struct mlg_terms terms_tweedie = {
    .name = "tweedie", .count = 1, .products = true, .compute = compute_tweedie};
static const struct mlg_terms terms_label_squares = {
    .name = "label_squares", .count = 3, .products = false, .compute = compute_label_squares};
static const struct mlg_terms terms_error_squares = {
    .name = "error_squares", .count = 3, .products = false, .compute = compute_error_squares};
static const struct mlg_terms terms_r2 = {.name = "r2", .count = 4, .products = true, .compute = compute_r2};
static const struct mlg_terms terms_explained = {
    .name = "explained_variance", .count = 4, .products = true, .compute = compute_explained};
static const struct mlg_terms terms_d2_tweedie = {
    .name = "d2_tweedie", .count = 4, .products = true, .compute = compute_d2_tweedie};

/* ---- kernels ------------------------------------------------------------------------------------ */

enum shape { SHAPE_MEAN, SHAPE_ROOT, SHAPE_R2, SHAPE_EXPLAINED, SHAPE_D2_TWEEDIE, SHAPE_TOP_K };
enum parameter { PARAMETER_NONE, PARAMETER_ALPHA, PARAMETER_POWER, PARAMETER_K };
enum best_constant { CONSTANT_NONE, CONSTANT_BASE_RATES, CONSTANT_MEAN, CONSTANT_ZERO, CONSTANT_FREQUENT };

/* What is summed: `terms` with products for value and variance, and what else value or constant() need. */
enum { SUMS = 3 };
struct mean_kernel {
    const struct mlg_terms *terms[SUMS];
    enum shape shape;
    enum parameter parameter;
    enum best_constant constant;
};

static void parameters_of(const struct mlg_call *call, double parameters[4])
{
    const struct mean_kernel *kernel = call->metric->kernel;
    memset(parameters, 0, 4 * sizeof *parameters);
    parameters[0] = kernel->parameter == PARAMETER_ALPHA   ? call->arguments.alpha
                    : kernel->parameter == PARAMETER_POWER ? call->arguments.power
                    : kernel->parameter == PARAMETER_K ? (double)(call->arguments.k ? call->arguments.k : 2)
                                                       : 0;
}

/* call->moments holds the places of up to three moments, ten bits each, counted from 1. */
enum { INDEX_BITS = 10, INDEX_MASK = (1 << INDEX_BITS) - 1 };

static int means_plan(struct mlg_call *call, struct mlg_plan *plan, struct mlg_error *error)
{
    const struct mean_kernel *kernel = call->metric->kernel;
    double parameters[4];
    static const double none[4] = {0};
    parameters_of(call, parameters);
    call->moments = 0;
    for (size_t i = 0; i < SUMS && kernel->terms[i]; i++) {
        /* The base rate of the positive class is no constant answer where every class has a probability. */
        const bool own = i == 0;
        if (kernel->terms[i] == &mlg_family_positive && mlg_plan_score_count(plan) > 1)
            continue;
        int index = mlg_plan_moments(plan, kernel->terms[i], own ? parameters : none, error);
        if (index < 0)
            return error ? (int)error->code : MLG_LIMIT;
        if (index >= INDEX_MASK)
            return mlg_error_set(error, MLG_LIMIT, "more than %d different means in one source", INDEX_MASK);
        call->moments |= (index + 1) << (INDEX_BITS * (int)i);
    }
    if (call->metric->reads & (MLG_READS_PROBABILITY | MLG_READS_SCORE)) {
        if (mlg_plan_score_count(plan) == 1)
            return mlg_plan_reads(plan, MLG_READS_POSITIVE, error);
        /* The constant answer needs the labels of each class. */
        int code = mlg_plan_reads(plan, MLG_READS_PREDICTION, error);
        return code == MLG_OK ? mlg_plan_tally(plan, error) : code;
    }
    return MLG_OK;
}

static const struct mlg_moments *planned(const struct mlg_call *call, const struct mlg_view *view,
                                         size_t which)
{
    const int index = (call->moments >> (INDEX_BITS * (int)which)) & INDEX_MASK;
    return index ? mlg_scan_moments(view->scan, view->slicing, view->slice, index - 1) : NULL;
}

/* ---- sums --------------------------------------------------------------------------------------- */

typedef struct mlg_double2 real; /* about 106 bits */

static real add(real a, real b)
{
    return mlg_double2_add(a, b);
}

static real subtract(real a, real b)
{
    return mlg_double2_subtract(a, b);
}

static real times(real a, real b)
{
    return mlg_double2_multiply(a, b);
}

static real over(real a, real b)
{
    return mlg_double2_divide(a, b);
}

static real exactly(double value)
{
    return mlg_double2_of(value);
}

enum { PRODUCTS = MLG_TERMS * (MLG_TERMS + 1) / 2 };

struct sums {
    const struct mlg_moments *moments;
    uint64_t n;
    bool weighted;
    real w, w2, u[MLG_TERMS], w2u[MLG_TERMS], uu[PRODUCTS];
    double w4;
};

static void sums_of(const struct mlg_moments *moments, bool weighted, struct sums *sums)
{
    *sums = (struct sums){.moments = moments, .n = moments->n, .weighted = weighted};
    sums->w = weighted ? mlg_sum_double2(&moments->w) : exactly((double)moments->n);
    sums->w2 = weighted ? mlg_sum_double2(&moments->w2) : exactly((double)moments->n);
    for (size_t t = 0; t < MLG_TERMS; t++) {
        sums->u[t] = mlg_sum_double2(&moments->u[t]);
        sums->w2u[t] = weighted ? mlg_sum_double2(&moments->w2u[t]) : sums->u[t];
    }
    for (size_t i = 0; i < PRODUCTS; i++)
        sums->uu[i] = mlg_sum_double2(&moments->uu[i]);
    sums->w4 = weighted ? moments->w4 : (double)moments->n;
}

/* ---- the same sums, from kept rows ---------------------------------------------------------------- */

enum { ADD_ROWS = 512 };

static struct mlg_rows some_rows(const struct mlg_rows *rows, size_t first, size_t count,
                                 const double **columns)
{
    struct mlg_rows part = *rows;
    part.count = count;
    part.positive = rows->positive ? rows->positive + first : NULL;
    part.score_of_label = rows->score_of_label ? rows->score_of_label + first : NULL;
    part.label_number = rows->label_number ? rows->label_number + first : NULL;
    part.prediction_number = rows->prediction_number ? rows->prediction_number + first : NULL;
    part.weight = rows->weight ? rows->weight + first : NULL;
    for (size_t k = 0; rows->scores && k < rows->score_count; k++)
        columns[k] = rows->scores[k] + first;
    part.scores = rows->scores ? columns : NULL;
    return part;
}

/* a * b as an unevaluated sum. */
static real product(double a, double b)
{
    const double high = a * b;
    return (real){high, isfinite(high) ? fma(a, b, -high) : 0};
}

static void add_parts(struct mlg_sum *sum, real a, real b)
{
    mlg_sum_add_product(sum, a.high, b.high);
    mlg_sum_add_product(sum, a.high, b.low);
    mlg_sum_add_product(sum, a.low, b.high);
    mlg_sum_add_product(sum, a.low, b.low);
}

/* What moments hold rounded. */
struct even_sums {
    struct mlg_sum w4, cubes[MLG_POWERS], u[MLG_TERMS], uu[PRODUCTS];
};

static void add_row(struct mlg_moments *moments, struct even_sums *even, const struct mlg_terms *terms,
                    double *const *u, size_t row, double weight)
{
    const real square = product(weight, weight);
    mlg_sum_add(&moments->w, weight);
    mlg_sum_add_product(&moments->w2, weight, weight);
    mlg_sum_add(&even->w4, square.high * square.high);
    double cube = square.high * weight;
    for (size_t k = 0; k < MLG_POWERS; k++) {
        mlg_sum_add(&even->cubes[k], cube);
        cube *= u[0][row];
    }
    for (unsigned t = 0; t < terms->count; t++) {
        mlg_sum_add_product(&moments->u[t], weight, u[t][row]);
        if (!terms->products)
            continue;
        add_parts(&moments->w2u[t], square, exactly(u[t][row]));
        for (unsigned s = 0; s <= t; s++)
            add_parts(&moments->uu[s + t * (t + 1) / 2], square, product(u[s][row], u[t][row]));
        if (!(weight > 0))
            continue;
        mlg_sum_add(&even->u[t], u[t][row]);
        for (unsigned s = 0; s <= t; s++)
            mlg_sum_add_product(&even->uu[s + t * (t + 1) / 2], u[s][row], u[t][row]);
    }
}

static void round_even(const struct even_sums *even, struct mlg_moments *moments)
{
    moments->w4 = mlg_sum_round(&even->w4);
    for (size_t k = 0; k < MLG_POWERS; k++)
        moments->cubes[k] = mlg_sum_round(&even->cubes[k]);
    for (size_t t = 0; t < MLG_TERMS; t++)
        moments->even_u[t] = mlg_sum_double2(&even->u[t]);
    for (size_t i = 0; i < PRODUCTS; i++)
        moments->even_uu[i] = mlg_sum_double2(&even->uu[i]);
}

/* Hands the terms of the rows, a block at a time, to `take`. */
struct walking {
    const struct mlg_terms *terms;
    const double *parameters;
    double *buffer[MLG_TERMS];
    const double **columns;
    void (*take)(void *context, const struct mlg_rows *rows, double *const *u, size_t first);
    void *context;
};

static int walk_block(void *context, const struct mlg_rows *rows, size_t first, struct mlg_error *error)
{
    struct walking *walking = context;
    for (size_t done = 0; done < rows->count; done += ADD_ROWS) {
        const size_t count = rows->count - done < ADD_ROWS ? rows->count - done : ADD_ROWS;
        const struct mlg_rows part = some_rows(rows, done, count, walking->columns);
        const char *why = "";
        if (walking->terms->compute(&part, walking->parameters, walking->buffer, &why))
            return mlg_error_set(error, MLG_DATA, "%s", why);
        walking->take(walking->context, &part, walking->buffer, first + done);
    }
    return MLG_OK;
}

static int walk(struct mlg_view *view, const struct mlg_terms *terms, const double *parameters,
                void (*take)(void *context, const struct mlg_rows *rows, double *const *u, size_t first),
                void *context, struct mlg_error *error)
{
    struct walking walking = {.terms = terms, .parameters = parameters, .take = take, .context = context};
    double *numbers = MLG_NEW_ARRAY(view->scratch, double, (size_t)MLG_TERMS *ADD_ROWS);
    walking.columns = MLG_NEW_ARRAY(view->scratch, const double *, view->scan->kept.score_count + 1);
    if (!numbers || !walking.columns)
        return mlg_error_set(error, MLG_LIMIT, "no memory to add up rows");
    for (size_t t = 0; t < MLG_TERMS; t++)
        walking.buffer[t] = numbers + t * ADD_ROWS;
    return mlg_family_blocks(view, walk_block, &walking, error);
}

struct summing {
    const struct mlg_terms *terms;
    struct mlg_moments *moments;
    struct even_sums *even;
};

static void sum_block(void *context, const struct mlg_rows *rows, double *const *u, size_t first)
{
    struct summing *summing = context;
    (void)first;
    for (size_t i = 0; i < rows->count; i++)
        summing->moments->n += mlg_family_weight(rows, i) > 0;
    for (size_t i = 0; i < rows->count; i++)
        add_row(summing->moments, summing->even, summing->terms, u, i, mlg_family_weight(rows, i));
}

/* Sums number `which` of the call: as planned, or from the rows that have an influence. */
static int get_sums(const struct mlg_call *call, struct mlg_view *view, size_t which, bool from_rows,
                    struct sums *sums, struct mlg_error *error)
{
    const struct mean_kernel *kernel = call->metric->kernel;
    if (!from_rows) {
        const struct mlg_moments *moments = planned(call, view, which);
        if (!moments) {
            mlg_error_set(error, MLG_INTERNAL, "'%s' was not planned", call->metric->name);
            return MLG_INTERNAL;
        }
        sums_of(moments, view->scan->weighted, sums);
        return MLG_OK;
    }
    static const double none[4] = {0};
    double parameters[4];
    parameters_of(call, parameters);
    struct summing summing = {kernel->terms[which], MLG_NEW(view->scratch, struct mlg_moments),
                              MLG_NEW(view->scratch, struct even_sums)};
    if (!summing.moments || !summing.even) {
        mlg_error_set(error, MLG_LIMIT, "no memory to add up rows");
        return MLG_LIMIT;
    }
    int code = walk(view, kernel->terms[which], which == 0 ? parameters : none, sum_block, &summing, error);
    if (code != MLG_OK)
        return code;
    round_even(summing.even, summing.moments);
    sums_of(summing.moments, view->scan->weighted, sums);
    return MLG_OK;
}

/* ---- value and influence -------------------------------------------------------------------------- */

/* psi = w (constant + sum of of[t] u_t) */
struct linear {
    real constant, of[MLG_TERMS];
};

/* What a row does to the value, and how far its loss is from the mean loss. */
struct influence {
    struct linear value, loss;
};

static void mean_value(const struct sums *sums, size_t term, struct mlg_evidence *evidence,
                       struct influence *psi)
{
    const real mean = over(sums->u[term], sums->w);
    evidence->value = mean.high;
    psi->value.of[term] = over(exactly(1), sums->w);
    psi->value.constant = over(subtract(exactly(0), mean), sums->w);
    psi->loss = psi->value;
}

static void scale_linear(struct linear *psi, double factor)
{
    psi->constant = times(psi->constant, exactly(factor));
    for (size_t t = 0; t < MLG_TERMS; t++)
        psi->of[t] = times(psi->of[t], exactly(factor));
}

/* A sum as three numbers: about 159 bits of it. */
enum { THREE = 3 };

static void three_parts(const struct mlg_sum *sum, double parts[THREE])
{
    struct mlg_sum rest = *sum;
    for (size_t i = 0; i < THREE; i++) {
        parts[i] = mlg_sum_round(&rest);
        if (isfinite(parts[i]))
            mlg_sum_add(&rest, -parts[i]);
    }
}

/* Sum of w (x - mean)^2, exact until it is rounded, from the sums of x (term `x`) and of x^2 in two parts
 * (the two terms behind): sum of w * sum of w x^2 - (sum of w x)^2, over the sum of w. Labels about 1e15 that
 * differ by 1 have a spread. 0 where rounding is all that is left. */
static real spread(const struct sums *sums, size_t x)
{
    struct mlg_sum squares = sums->moments->u[x + 1], all = {0};
    double w[THREE] = {(double)sums->n}, of_x[THREE], of_squares[THREE];
    mlg_sum_merge(&squares, &sums->moments->u[x + 2]);
    if (sums->weighted)
        three_parts(&sums->moments->w, w);
    three_parts(&sums->moments->u[x], of_x);
    three_parts(&squares, of_squares);
    /* Too large for the products: the sums alone are near the end of the doubles. */
    if (!(fabs(of_x[0]) < 0x1p500 && of_squares[0] < 0x1p800 && w[0] < 0x1p200))
        return subtract(mlg_sum_double2(&squares), over(times(sums->u[x], sums->u[x]), sums->w));
    for (size_t i = 0; i < THREE; i++)
        for (size_t k = 0; k < THREE; k++) {
            mlg_sum_add_product(&all, w[i], of_squares[k]);
            mlg_sum_add_product(&all, -of_x[i], of_x[k]);
        }
    const real product = mlg_sum_double2(&all);
    return product.high <= 1e-40 * w[0] * of_squares[0] ? exactly(0) : over(product, sums->w);
}

/* 1 - loss / base, where a row's part of `base` is sum of base_of[t] u_t + base_constant. */
static void one_minus(const struct sums *sums, struct influence *psi, real loss, real base,
                      const struct linear *loss_of, const struct linear *base_of,
                      struct mlg_evidence *evidence)
{
    const real ratio = over(loss, base);
    evidence->value = subtract(exactly(1), ratio).high;
    psi->value.constant = over(subtract(times(ratio, base_of->constant), loss_of->constant), base);
    for (size_t t = 0; t < MLG_TERMS; t++)
        psi->value.of[t] = over(subtract(times(ratio, base_of->of[t]), loss_of->of[t]), base);
    psi->loss = *loss_of;
    psi->loss.constant = subtract(loss_of->constant, over(loss, sums->w));
}

/* (x - mean)^2 as a linear function of x and x^2. */
static void deviation(real mean, size_t of_x, size_t of_square, struct linear *linear)
{
    linear->of[of_square] = exactly(1);
    linear->of[of_x] = times(exactly(-2), mean);
    linear->constant = times(mean, mean);
}

static void constant_labels(const struct sums *sums, struct mlg_evidence *evidence)
{
    mlg_evidence_undefined(evidence, "all %llu labels are the same number", (unsigned long long)sums->n);
}

static void r2_value(const struct sums *sums, struct mlg_evidence *evidence, struct influence *psi)
{
    struct linear loss = {0}, base = {0};
    const real mean = over(sums->u[1], sums->w);
    const real around = spread(sums, 1);
    if (!(around.high > 0)) {
        constant_labels(sums, evidence);
        return;
    }
    loss.of[0] = exactly(1);
    deviation(mean, 1, 2, &base);
    base.of[3] = exactly(1);
    one_minus(sums, psi, sums->u[0], around, &loss, &base, evidence);
}

static void explained_value(const struct sums *sums, const struct sums *labels, const struct sums *errors,
                            struct mlg_evidence *evidence, struct influence *psi)
{
    struct linear loss = {0}, base = {0};
    const real around = spread(labels, 0), left = spread(errors, 0);
    if (!(around.high > 0)) {
        constant_labels(sums, evidence);
        return;
    }
    deviation(over(sums->u[1], sums->w), 1, 0, &loss);
    deviation(over(sums->u[2], sums->w), 2, 3, &base);
    one_minus(sums, psi, left, around, &loss, &base, evidence);
}

/* The deviance from the mean label m is linear in h(y), y and 1; its sum is least at m, so that m's own
 * sampling error does not count. */
static void d2_tweedie_value(const struct sums *sums, double power, struct mlg_evidence *evidence,
                             struct influence *psi)
{
    struct linear loss = {0}, base = {0};
    const real mean = over(sums->u[1], sums->w);
    const double m = mean.high;
    real around;
    loss.of[0] = exactly(1);
    if (power != 0 && !(m > 0)) {
        mlg_evidence_undefined(evidence,
                               "the mean of the labels is not above 0, so no constant is comparable");
        return;
    }
    if (power == 0) {
        deviation(mean, 1, 2, &base);
        base.of[3] = exactly(1);
        around = spread(sums, 1);
    } else {
        if (power == 1) {
            base.of[2] = exactly(2);
            base.of[1] = exactly(-2 * (log(m) + 1));
            base.constant = exactly(2 * m);
        } else if (power == 2) {
            base.of[2] = exactly(-2);
            base.of[1] = exactly(2 / m);
            base.constant = exactly(2 * (log(m) - 1));
        } else {
            base.of[2] = exactly(2 / ((1 - power) * (2 - power)));
            base.of[1] = exactly(-2 * pow(m, 1 - power) / (1 - power));
            base.constant = exactly(2 * pow(m, 2 - power) / (2 - power));
        }
        around = add(times(base.constant, sums->w),
                     add(times(base.of[1], sums->u[1]), times(base.of[2], sums->u[2])));
        /* The logarithm or power is known to 16 digits only. */
        if (around.high <= 1e-14 * fabs(times(base.of[2], sums->u[2]).high))
            around = exactly(0);
    }
    if (!(around.high > 0)) {
        constant_labels(sums, evidence);
        return;
    }
    one_minus(sums, psi, sums->u[0], around, &loss, &base, evidence);
}

/* Of the parts of a sum about 1e-31 is rounding. */
#define ROUNDING 1e-27

/* Sum of psi^2, and of the magnitudes of its parts: how much of it may be rounding. From sums of the square
 * of the weight, and of its products with u and with u u. */
static double quadratic_form(real w2, const real *w2u, const real *w2uu, const struct linear *psi,
                             double *size)
{
    real sum = times(times(psi->constant, psi->constant), w2);
    *size = fabs(sum.high);
    for (size_t t = 0; t < MLG_TERMS; t++) {
        const real part = times(times(exactly(2), times(psi->constant, psi->of[t])), w2u[t]);
        sum = add(sum, part);
        *size += fabs(part.high);
        for (size_t s = 0; s <= t; s++) {
            const real both = times(psi->of[s], psi->of[t]);
            const real product = times(times(exactly(s == t ? 1 : 2), both), w2uu[s + t * (t + 1) / 2]);
            sum = add(sum, product);
            *size += fabs(product.high);
        }
    }
    return sum.high;
}

static double sum_of_squares(const struct sums *sums, const struct linear *psi, double *size)
{
    return quadratic_form(sums->w2, sums->w2u, sums->uu, psi, size);
}

/* The weights, and two variances of the value: as observed, and as it would be if what every row says, psi /
 * w, varied alike in heavy and light rows. */
static struct mlg_family_uneven uneven_of(const struct sums *sums, const struct linear *psi, double squares)
{
    const double shares2 = over(sums->w2, times(sums->w, sums->w)).high;
    struct mlg_family_uneven uneven = {.shares2 = shares2,
                                       .shares4 =
                                           sums->w4 / sums->w2.high / sums->w2.high * shares2 * shares2,
                                       .observed = squares,
                                       .even = squares};
    double size;
    if (!sums->weighted)
        return uneven;
    const double even =
        quadratic_form(exactly((double)sums->n), sums->moments->even_u, sums->moments->even_uu, psi, &size);
    uneven.even = even > ROUNDING * size ? sums->w2.high / (double)sums->n * even : 0;
    return uneven;
}

/* How skewed the losses are, with their weights; 0 where it drowns in rounding. */
static double skewness_of(const struct sums *sums, const struct linear *psi, double squares)
{
    const double c = psi->constant.high, d = psi->of[0].high, *of = sums->moments->cubes;
    const double parts[MLG_POWERS] = {c * c * c * of[0], 3 * c * c * d * of[1], 3 * c * d * d * of[2],
                                      d * d * d * of[3]};
    double cubes = 0, size = 0;
    for (size_t k = 0; k < MLG_POWERS; k++) {
        cubes += parts[k];
        size += fabs(parts[k]);
    }
    const bool known = size * 1e-15 <= 1e-4 * squares * sqrt(squares);
    return known ? mlg_sample_skewness(squares, cubes, (double)sums->n) : 0;
}

struct telling {
    const struct linear *psi;
    double *influence;
};

static void tell_influence(void *context, const struct mlg_rows *rows, double *const *u, size_t first)
{
    const struct telling *telling = context;
    for (size_t i = 0; i < rows->count; i++) {
        real psi = telling->psi->constant;
        for (size_t t = 0; t < MLG_TERMS; t++)
            if (telling->psi->of[t].high != 0)
                psi = add(psi, times(telling->psi->of[t], exactly(u[t][i])));
        telling->influence[first + i] = mlg_family_weight(rows, i) * psi.high;
    }
}

/* ---- evidence ----------------------------------------------------------------------------------- */

/* The largest loss that a row can have; infinite where there is none. */
static double largest_loss(const struct mlg_call *call, const struct mlg_evidence *evidence)
{
    const struct mean_kernel *kernel = call->metric->kernel;
    return kernel->terms[0] == &terms_log_loss ? log_loss_of(0) : evidence->maximum;
}

/* All rows say the same, or one says nearly all: nothing is known of their spread. A bounded loss is at worst
 * 0 or its maximum on the rows that were not seen; another one may be anything. */
static int without_spread(const struct mlg_call *call, const struct sums *sums, struct mlg_evidence *evidence,
                          bool one_alone, struct mlg_arena *arena, struct mlg_error *error)
{
    const double least = evidence->minimum, width = largest_loss(call, evidence) - least;
    const char *why =
        one_alone      ? "one of %llu rows has most of the weight: nothing is known of their spread"
        : sums->n == 1 ? "one row says nothing of how much the loss varies: bring more rows"
                       : "all %llu rows have the same loss: nothing is known of their spread, and more rows "
                         "may show it";
    if (!isfinite(width)) {
        mlg_family_bare(evidence, why, (unsigned long long)sums->n);
        return MLG_OK;
    }
    if (one_alone)
        mlg_family_note(evidence, why, (unsigned long long)sums->n);
    const struct mlg_family_part part = {.share = width,
                                         .rate = (evidence->value - least) / width,
                                         .size = over(times(sums->w, sums->w), sums->w2).high};
    return mlg_family_parts(evidence, MLG_METHOD_WILSON, &part, 1, 0, NULL, arena, error);
}

struct skewed_state {
    double offset, sign, distance, standard_error, degrees, skewness;
    bool root;
};

/* e^x, from 1 on along its tangent: where the error is larger than the value, the logarithm knows no better,
 * and e^20 would be no bound of anything. */
static double growth(double x)
{
    return x <= 1 ? exp(x) : exp(1) * x;
}

/* offset + sign * distance, distance > 0. Upwards its logarithm has the error, downwards it has: the wider of
 * both scales at either end. */
static int skewed_bounds(const void *state, double confidence, double multiplier, double *lower,
                         double *upper)
{
    const struct skewed_state *value = state;
    const double quantile = mlg_t_quantile(confidence, value->degrees * multiplier);
    const double half = quantile * value->standard_error / sqrt(multiplier);
    const double wide = half * mlg_mean_caution(0, value->degrees, multiplier).upper;
    /* The logarithm knows of the skewness that squares of normal errors have. How wild those of r2 and its
     * like are no sum tells: as if of Laplace's distribution (docs/overfit-simulation.md). */
    enum { WILDER = 8 };
    const double worse = wide * (value->root ? 1 : 1 + WILDER / (value->degrees * multiplier));
    const double least = value->distance - wide, most = value->distance * growth(worse / value->distance);
    *lower = value->offset + (value->sign > 0 ? least : -most);
    *upper = value->offset + (value->sign > 0 ? most : -least);
    if (!value->root)
        return 0;
    /* Whoever asks for rmse <= x asks for mse <= x^2. */
    const struct mlg_mean squares = {value->distance * value->distance,
                                     2 * value->distance * value->standard_error, value->degrees,
                                     value->skewness};
    const struct mlg_limits limits = mlg_mean_limits(squares, confidence, multiplier);
    *lower = fmin(*lower, sqrt(fmax(0, limits.lower)));
    *upper = fmax(*upper, sqrt(limits.upper));
    return 0;
}

/* Sums of squares and their ratios are skewed: what is left unexplained (1 - r2), or rmse, may well be much
 * more than it seems, hardly much less. */
static int on_skewed_scale(const struct sums *sums, bool root, struct mlg_evidence *evidence,
                           struct mlg_arena *arena, struct mlg_error *error)
{
    struct skewed_state *state = MLG_NEW(arena, struct skewed_state);
    if (!state)
        return mlg_error_set(error, MLG_LIMIT, "no memory for the bounds of a value");
    *state = (struct skewed_state){.offset = root ? 0 : 1,
                                   .sign = root ? 1 : -1,
                                   .distance = root ? evidence->value : 1 - evidence->value,
                                   .standard_error = evidence->standard_error,
                                   .degrees = evidence->degrees,
                                   .skewness = evidence->skewness,
                                   .root = root};
    evidence->kind = MLG_BOUNDS;
    evidence->method = sums->weighted ? MLG_METHOD_LINEARISED : MLG_METHOD_DELTA;
    evidence->bounds = skewed_bounds;
    evidence->state = state;
    return MLG_OK;
}

/* Whether rows have the same loss. With r2 and its like the labels have a spread all the same, and so has the
 * value, but nothing is known of its worse half: where one more error may be anything, so may r2 be, as rmse.
 */
static bool same_loss(const struct sums *sums, const struct linear *loss)
{
    double size;
    const double squares = sum_of_squares(sums, loss, &size);
    return squares <= ROUNDING * size;
}

static int give_variance(const struct mlg_call *call, const struct sums *sums, const struct influence *psi,
                         struct mlg_evidence *evidence, struct mlg_arena *arena, struct mlg_error *error)
{
    const struct mean_kernel *kernel = call->metric->kernel;
    const double rows = (double)sums->n;
    if (sums->n < 2) {
        mlg_family_note(evidence, "one row alone has no interval");
        return MLG_OK;
    }
    /* About 1e-31 of the size is rounding. What contains fourth powers of labels may have drowned in it. */
    const bool plain = kernel->shape == SHAPE_MEAN || kernel->shape == SHAPE_TOP_K;
    const bool root = kernel->shape == SHAPE_ROOT, ratio = !plain && !root && evidence->value != 1;
    double size, squares = sum_of_squares(sums, &psi->value, &size);
    if (squares <= ROUNDING * size) {
        if (ratio && ROUNDING * size > 1e-16 / rows) {
            mlg_family_note(evidence, "the labels are too large beside their spread for an interval");
            return MLG_OK;
        }
        return without_spread(call, sums, evidence, false, arena, error);
    }
    const struct mlg_family_uneven uneven = uneven_of(sums, &psi->value, squares);
    if (kernel->shape == SHAPE_TOP_K) { /* of 0 and 1, with weights */
        evidence->standard_error = sqrt(squares * (rows / (rows - 1)));
        return mlg_family_share(evidence, MLG_METHOD_LINEARISED,
                                mlg_family_size(evidence->value, squares, mlg_family_effective(&uneven)),
                                arena, error);
    }
    double variance;
    if (!mlg_family_variance(&uneven, &variance))
        return without_spread(call, sums, evidence, true, arena, error);
    if (!plain && same_loss(sums, &psi->loss))
        return without_spread(call, sums, evidence, false, arena, error);
    evidence->standard_error = sqrt(variance);
    evidence->degrees = mlg_family_degrees(&uneven);
    if (plain || root)
        evidence->skewness = skewness_of(sums, &psi->value, squares);
    if (!plain && (root ? evidence->value > 0 : evidence->value < 1))
        return on_skewed_scale(sums, root, evidence, arena, error);
    evidence->kind = MLG_NORMAL;
    evidence->method = sums->weighted ? MLG_METHOD_LINEARISED : MLG_METHOD_T_HALL;
    return MLG_OK;
}

/* ---- classes without rows ------------------------------------------------------------------------- */

struct class_rows {
    size_t classes, without, alone; /* without rows, with one */
};

static int count_labels(void *context, const struct mlg_rows *rows, size_t first, struct mlg_error *error)
{
    uint64_t *counts = context;
    (void)first, (void)error;
    for (size_t i = 0; i < rows->count; i++)
        counts[rows->score_of_label[i]] += mlg_family_weight(rows, i) > 0;
    return MLG_OK;
}

/* Of one score column the sum over the positive rows tells; of several what was counted, or is counted now.
 */
static int count_class_rows(const struct mlg_call *call, struct mlg_view *view, const struct sums *sums,
                            bool from_rows, struct class_rows *found, struct mlg_error *error)
{
    const size_t classes = view->scan->score_count;
    *found = (struct class_rows){.classes = classes > 1 ? classes : 2};
    if (classes == 1) {
        struct sums positive;
        const int code = get_sums(call, view, 1, from_rows, &positive, error);
        const double high = code == MLG_OK ? positive.u[0].high : 0;
        found->without = !(high > 0) || !(subtract(sums->w, positive.u[0]).high > 0);
        return code;
    }
    const struct mlg_tally *tally = from_rows ? NULL : mlg_scan_tally(view->scan, view->slicing, view->slice);
    uint64_t *counts = MLG_NEW_ARRAY(view->scratch, uint64_t, (tally ? tally->classes : classes) + 1);
    if (!counts)
        return mlg_error_set(error, MLG_LIMIT, "no memory to count %zu classes", classes);
    if (!tally) {
        const int code = mlg_family_blocks(view, count_labels, counts, error);
        if (code != MLG_OK)
            return code;
    } else {
        for (size_t y = 0; y < tally->classes; y++)
            for (size_t p = 0; p < tally->classes; p++)
                counts[y] += tally->count[y * tally->classes + p];
    }
    for (size_t k = 0; k < (tally ? tally->classes : classes); k++) {
        found->without += counts[k] == 0;
        found->alone += counts[k] == 1;
    }
    return MLG_OK;
}

/* The loss on rows of one class says nothing of that on rows of another: that of a frequent class is small
 * because the model expects no other. Where a class has no row, those few in a hundred that it may have were
 * missed, and with them most of the loss. Classes with one row stand for as many without any. In simulations
 * at limits equal to the truth with 1 to 5 % of 20 to 100 rows positive passes were wrong in up to 39 %; but
 * for the samples of one class in 4 % at the most. */
static int refuse_unseen_classes(const struct mlg_call *call, struct mlg_view *view, const struct sums *sums,
                                 bool from_rows, struct mlg_evidence *evidence, struct mlg_error *error)
{
    const struct mean_kernel *kernel = call->metric->kernel;
    struct class_rows found = {0};
    if (kernel->terms[0] != &terms_log_loss || sums->n < 2)
        return MLG_OK;
    const int code = count_class_rows(call, view, sums, from_rows, &found, error);
    if (code == MLG_OK && found.without > found.alone)
        mlg_family_bare(evidence,
                        "%zu of %zu classes %s none of the %llu rows, and what the loss on such rows is the "
                        "others do not tell: bring rows of every class",
                        found.without, found.classes, found.without == 1 ? "has" : "have",
                        (unsigned long long)sums->n);
    return code;
}

/* One column and k = 1 asks which side of the threshold the score lies on: 0.5 for what looks like
 * probabilities, else 0, as in scikit-learn. */
static size_t top_k_term(const struct mlg_scan *scan)
{
    const struct mlg_range *range = scan->score_ranges;
    return scan->score_count == 1 && range && (range->minimum < 0 || range->maximum > 1) ? 1 : 0;
}

/* The value and its linear form; or undefined. */
static int find_value(const struct mlg_call *call, struct mlg_view *view, const struct sums *sums,
                      bool from_rows, struct mlg_evidence *evidence, struct influence *psi,
                      struct mlg_error *error)
{
    const struct mean_kernel *kernel = call->metric->kernel;
    struct sums labels, errors;
    int code;
    switch (kernel->shape) {
    case SHAPE_MEAN:
        mean_value(sums, 0, evidence, psi);
        return MLG_OK;
    case SHAPE_TOP_K:
        mean_value(sums, top_k_term(view->scan), evidence, psi);
        return MLG_OK;
    case SHAPE_ROOT:
        mean_value(sums, 0, evidence, psi);
        evidence->value = sqrt(evidence->value);
        scale_linear(&psi->value, evidence->value > 0 ? 1 / (2 * evidence->value) : 0);
        return MLG_OK;
    case SHAPE_R2:
        r2_value(sums, evidence, psi);
        return MLG_OK;
    case SHAPE_EXPLAINED:
        if ((code = get_sums(call, view, 1, from_rows, &labels, error)) != MLG_OK ||
            (code = get_sums(call, view, 2, from_rows, &errors, error)) != MLG_OK)
            return code;
        explained_value(sums, &labels, &errors, evidence, psi);
        return MLG_OK;
    case SHAPE_D2_TWEEDIE:
        d2_tweedie_value(sums, call->arguments.power, evidence, psi);
        return MLG_OK;
    }
    return MLG_OK;
}

/* Why there is no value before anything is added up, or NULL. */
static bool refuse(const struct mlg_call *call, const struct mlg_view *view, const struct sums *sums,
                   struct mlg_evidence *evidence)
{
    const struct mean_kernel *kernel = call->metric->kernel;
    const struct mlg_scan *scan = view->scan;
    const bool scores = call->metric->reads & (MLG_READS_PROBABILITY | MLG_READS_SCORE);
    const int64_t k = call->arguments.k ? call->arguments.k : 2;
    const size_t classes = scan->score_count == 1 ? 2 : scan->score_count;
    if (sums->n == 0)
        mlg_evidence_undefined(evidence, "no rows");
    else if (!(sums->w.high > 0))
        mlg_family_weightless(evidence, sums->n);
    else if (scores && scan->score_count == 1 && !mlg_family_positive_known(view, evidence))
        return true;
    else if (kernel->shape == SHAPE_TOP_K && (uint64_t)k >= classes)
        mlg_evidence_undefined(evidence, "every class is among the best %lld of %zu; give a smaller k",
                               (long long)k, classes);
    else if (kernel->shape != SHAPE_MEAN && kernel->shape != SHAPE_ROOT && kernel->shape != SHAPE_TOP_K &&
             sums->n < 2)
        mlg_evidence_undefined(evidence, "one row alone has no spread");
    return evidence->kind == MLG_UNDEFINED;
}

static void give_range(const struct mlg_call *call, const struct mlg_view *view,
                       struct mlg_evidence *evidence)
{
    /* Brier's score of one column or of two, halved, ends at 1. */
    const struct mean_kernel *kernel = call->metric->kernel;
    if (kernel->terms[0] == &terms_brier && view->scan->score_count <= 2)
        evidence->maximum = 1;
}

static int means_evaluate(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                          double *influence, struct mlg_error *error)
{
    const struct mean_kernel *kernel = call->metric->kernel;
    struct sums sums;
    struct influence psi = {0};
    mlg_family_begin(call, evidence);
    give_range(call, view, evidence);
    int code = get_sums(call, view, 0, influence != NULL, &sums, error);
    if (code != MLG_OK)
        return code;
    evidence->n = sums.n;
    if (refuse(call, view, &sums, evidence))
        return MLG_OK;
    code = find_value(call, view, &sums, influence != NULL, evidence, &psi, error);
    if (code != MLG_OK || evidence->kind == MLG_UNDEFINED)
        return code;
    if (!isfinite(evidence->value)) {
        mlg_evidence_undefined(evidence, "the numbers are too large to be added up");
        return MLG_OK;
    }
    if (influence) {
        struct telling telling = {&psi.value, influence};
        double parameters[4];
        parameters_of(call, parameters);
        code = walk(view, kernel->terms[0], parameters, tell_influence, &telling, error);
        if (code != MLG_OK)
            return code;
    }
    if (kernel->shape == SHAPE_TOP_K && !sums.weighted) {
        evidence->kind = MLG_PROPORTION;
        evidence->method = MLG_METHOD_WILSON;
        evidence->numerator = (uint64_t)sums.u[top_k_term(view->scan)].high;
        evidence->denominator = sums.n;
        return MLG_OK;
    }
    code = give_variance(call, &sums, &psi, evidence, view->scratch, error);
    return code == MLG_OK ? refuse_unseen_classes(call, view, &sums, influence != NULL, evidence, error)
                          : code;
}

/* ---- the best constant answer --------------------------------------------------------------------- */

/* The share of each class among the labels; *count classes. NULL for want of memory or of a tally. */
static double *class_shares(struct mlg_view *view, size_t *count)
{
    const struct mlg_tally *tally = mlg_scan_tally(view->scan, view->slicing, view->slice);
    if (!tally)
        return NULL;
    double *shares = MLG_NEW_ARRAY(view->scratch, double, tally->classes + 1), all = 0;
    *count = tally->classes;
    for (size_t y = 0; shares && y < tally->classes; y++)
        for (size_t p = 0; p < tally->classes; p++) {
            const size_t cell = y * tally->classes + p;
            const double weight = tally->weight ? tally->weight[cell] : (double)tally->count[cell];
            shares[y] += weight;
            all += weight;
        }
    for (size_t y = 0; shares && y < tally->classes; y++)
        shares[y] /= all;
    return shares;
}

/* Log loss or Brier's score of the base rates as the answer to every row. */
static int base_rates(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                      struct mlg_error *error)
{
    const struct mean_kernel *kernel = call->metric->kernel;
    const bool log_loss = kernel->terms[0] == &terms_log_loss;
    double two[2], *shares = two;
    size_t count = 2;
    if (view->scan->score_count == 1) {
        struct sums positive;
        int code = get_sums(call, view, 1, false, &positive, error);
        if (code != MLG_OK)
            return code;
        two[1] = over(positive.u[0], positive.w).high;
        two[0] = over(subtract(positive.w, positive.u[0]), positive.w).high;
    } else if (!(shares = class_shares(view, &count))) {
        return mlg_error_set(error, MLG_LIMIT, "no memory for the share of each class");
    }
    evidence->value = 0;
    for (size_t k = 0; k < count; k++)
        evidence->value += shares[k] <= 0 ? 0
                           : log_loss     ? shares[k] * log_loss_of(shares[k])
                                          : shares[k] * (1 - shares[k]);
    if (!log_loss && view->scan->score_count <= 2)
        evidence->value /= 2;
    mlg_family_note(evidence, "always answering with the base rates");
    return MLG_OK;
}

static int frequent_classes(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                            struct mlg_error *error)
{
    const size_t k = (size_t)(call->arguments.k ? call->arguments.k : 2);
    size_t count;
    double two[2], *shares = two;
    if (view->scan->score_count == 1) {
        struct sums positive;
        int code = get_sums(call, view, 1, false, &positive, error);
        if (code != MLG_OK)
            return code;
        two[1] = over(positive.u[0], positive.w).high;
        two[0] = 1 - two[1];
        count = 2;
    } else if (!(shares = class_shares(view, &count))) {
        return mlg_error_set(error, MLG_LIMIT, "no memory for the share of each class");
    }
    evidence->value = 0;
    for (size_t place = 0; place < k && place < count; place++) {
        size_t most = place;
        for (size_t c = place + 1; c < count; c++)
            most = shares[c] > shares[most] ? c : most;
        evidence->value += shares[most];
        shares[most] = shares[place];
    }
    mlg_family_note(evidence, "always answering with the most frequent classes");
    return MLG_OK;
}

/* The mean label as the answer to every row. */
static int mean_label(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                      struct mlg_error *error)
{
    const struct mean_kernel *kernel = call->metric->kernel;
    struct sums labels;
    int code = get_sums(call, view, 1, false, &labels, error);
    if (code != MLG_OK)
        return code;
    const double variance = over(spread(&labels, 0), labels.w).high;
    evidence->value = kernel->shape == SHAPE_ROOT ? sqrt(variance) : variance;
    mlg_family_note(evidence, "always answering with the mean label");
    return MLG_OK;
}

/* The best answer to these losses is a quantile of the labels, which asks for all of them. The mean label's
 * mean absolute error is at most the root of its mean squared one, and its pinball loss, whatever alpha, half
 * of that: labels lie as far above their mean as below. */
static int absolute_bound(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                          struct mlg_error *error)
{
    const struct mean_kernel *kernel = call->metric->kernel;
    struct sums labels;
    mlg_family_begin(call, evidence);
    int code = get_sums(call, view, 1, false, &labels, error);
    if (code != MLG_OK || refuse(call, view, &labels, evidence))
        return code;
    evidence->n = labels.n;
    evidence->value = sqrt(over(spread(&labels, 0), labels.w).high);
    if (kernel->terms[0] == &terms_pinball)
        evidence->value /= 2;
    mlg_family_note(evidence, "always answering with the mean label");
    return MLG_OK;
}

static int means_constant(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                          struct mlg_error *error)
{
    const struct mean_kernel *kernel = call->metric->kernel;
    struct sums sums;
    struct influence psi = {0};
    mlg_family_begin(call, evidence);
    give_range(call, view, evidence);
    int code = get_sums(call, view, 0, false, &sums, error);
    if (code != MLG_OK)
        return code;
    evidence->n = sums.n;
    if (refuse(call, view, &sums, evidence))
        return MLG_OK;
    switch (kernel->constant) {
    case CONSTANT_BASE_RATES:
        return base_rates(call, view, evidence, error);
    case CONSTANT_FREQUENT:
        return frequent_classes(call, view, evidence, error);
    case CONSTANT_MEAN:
        return mean_label(call, view, evidence, error);
    case CONSTANT_ZERO:
        /* 0 by definition, where there is a value at all. */
        code = find_value(call, view, &sums, false, evidence, &psi, error);
        if (code == MLG_OK && evidence->kind != MLG_UNDEFINED) {
            evidence->value = 0;
            mlg_family_note(evidence, "always answering with the mean label");
        }
        return code;
    case CONSTANT_NONE:
        break;
    }
    return mlg_evidence_undefined(evidence, "no best constant answer is known");
}

/* Tweedie's distributions exist for no power between 0 and 1. */
static int check_power(const struct mlg_call *call, struct mlg_error *error)
{
    const double power = call->arguments.power;
    if (power > 0 && power < 1)
        return mlg_error_set(error, MLG_CONFIG, "'%s' has no power between 0 and 1, but %g was given",
                             call->metric->name, power);
    return MLG_OK;
}

/* ---- rows --------------------------------------------------------------------------------------- */

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define KERNEL(...)                                                                                          \
    .kernel = &(const struct mean_kernel)                                                                    \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }
#define PROBABILITIES .reads = (MLG_READS_LABEL | MLG_READS_PROBABILITY)
#define NUMBERS .reads = (MLG_READS_LABEL_NUMBER | MLG_READS_PREDICTION_NUMBER)
#define MEANS .plan = means_plan, .evaluate = means_evaluate
#define ERROR_RANGE                                                                                          \
    .direction = MLG_LOWER_IS_BETTER, .minimum = 0, .maximum = (double)INFINITY, .method = MLG_METHOD_T_HALL

static const char *const only_k[] = {"k", NULL};
static const char *const only_alpha[] = {"alpha", NULL};
static const char *const only_power[] = {"power", NULL};

const struct mlg_metric mlg_metric_log_loss = {
    .name = "log_loss",
    .aliases = NAMES("cross_entropy", "logistic_loss"),
    .about = "how surprised the probabilities are by the labels; confident mistakes cost most",
    .definition = "mean of -ln p(label), p clipped to [2.2e-16, 1 - 2.2e-16]",
    .undefined_when = "there are no rows; with one probability column, the positive class is not known",
    .source = "scikit-learn log_loss (1.5 and later: clipped, not renormalised)",
    PROBABILITIES,
    ERROR_RANGE,
    .accuracy_like = true,
    MEANS,
    .constant = means_constant,
    KERNEL(.terms = {&terms_log_loss, &mlg_family_positive}, .constant = CONSTANT_BASE_RATES),
};

/* Of one column it ends at 1; of two it is halved. */
static void brier_range(const struct mlg_call *call, const struct mlg_data *data, double *minimum,
                        double *maximum)
{
    (void)call;
    *minimum = 0;
    *maximum = data && data->score.column ? 1 : 2;
}

const struct mlg_metric mlg_metric_brier = {
    .name = "brier",
    .aliases = NAMES("brier_score", "brier_score_loss"),
    .about = "mean squared distance of the probabilities from what happened",
    .definition = "mean of (p - y)^2; with more than two probability columns the sum over the classes, not "
                  "halved",
    .undefined_when = "there are no rows; with one probability column, the positive class is not known",
    .source =
        "scikit-learn brier_score_loss with scale_by_half='auto': two classes in [0, 1], more in [0, 2]",
    PROBABILITIES,
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = 2,
    .range = brier_range,
    .method = MLG_METHOD_T_HALL,
    .accuracy_like = true,
    MEANS,
    .constant = means_constant,
    KERNEL(.terms = {&terms_brier, &mlg_family_positive}, .constant = CONSTANT_BASE_RATES),
};

const struct mlg_metric mlg_metric_top_k_accuracy = {
    .name = "top_k_accuracy",
    .aliases = NAMES("top_k_accuracy_score"),
    .about = "share of rows whose label is among the k classes with the highest scores",
    .definition =
        "rows with fewer than k classes scored above the label's / all rows; of equal scores the class "
        "that is later in order comes first",
    .undefined_when = "k is not less than the number of classes (scikit-learn says 1)",
    .source = "scikit-learn top_k_accuracy_score",
    .arguments = only_k,
    .reads = MLG_READS_LABEL | MLG_READS_SCORE,
    .direction = MLG_HIGHER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_WILSON,
    .accuracy_like = true,
    MEANS,
    .constant = means_constant,
    KERNEL(.terms = {&terms_top_k, &mlg_family_positive}, .shape = SHAPE_TOP_K, .parameter = PARAMETER_K,
           .constant = CONSTANT_FREQUENT),
};

const struct mlg_metric mlg_metric_mae = {
    .name = "mae",
    .aliases = NAMES("mean_absolute_error"),
    .about = "by how much the predictions miss on average",
    .definition = "mean of |label - prediction|",
    .undefined_when = "there are no rows",
    .source = "scikit-learn mean_absolute_error",
    NUMBERS,
    ERROR_RANGE,
    .accuracy_like = true,
    MEANS,
    .constant_bound = absolute_bound,
    KERNEL(.terms = {&terms_absolute, &terms_label_squares}),
};

const struct mlg_metric mlg_metric_mse = {
    .name = "mse",
    .aliases = NAMES("mean_squared_error"),
    .about = "mean squared error: large misses count most",
    .definition = "mean of (label - prediction)^2",
    .undefined_when = "there are no rows",
    .source = "scikit-learn mean_squared_error",
    NUMBERS,
    ERROR_RANGE,
    .accuracy_like = true,
    MEANS,
    .constant = means_constant,
    KERNEL(.terms = {&terms_squared, &terms_label_squares}, .constant = CONSTANT_MEAN),
};

const struct mlg_metric mlg_metric_rmse = {
    .name = "rmse",
    .aliases = NAMES("root_mean_squared_error"),
    .about = "root of the mean squared error, in the labels' own unit",
    .definition = "sqrt(mean of (label - prediction)^2)",
    .undefined_when = "there are no rows",
    .source = "scikit-learn root_mean_squared_error",
    NUMBERS,
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_DELTA,
    .accuracy_like = true,
    MEANS,
    .constant = means_constant,
    KERNEL(.terms = {&terms_squared, &terms_label_squares}, .shape = SHAPE_ROOT, .constant = CONSTANT_MEAN),
};

const struct mlg_metric mlg_metric_mape = {
    .name = "mape",
    .aliases = NAMES("mean_absolute_percentage_error"),
    .about = "by which share of the label the predictions miss on average",
    .definition = "mean of |label - prediction| / max(|label|, 2.2e-16); 0.1 is ten percent",
    .undefined_when = "there are no rows; a label of 0 makes it huge, not undefined",
    .source = "scikit-learn mean_absolute_percentage_error",
    NUMBERS,
    ERROR_RANGE,
    MEANS,
    KERNEL(.terms = {&terms_relative}),
};

const struct mlg_metric mlg_metric_msle = {
    .name = "msle",
    .aliases = NAMES("mean_squared_log_error"),
    .about = "mean squared error of the logarithms: ratios count, not differences",
    .definition = "mean of (ln(1 + label) - ln(1 + prediction))^2",
    .undefined_when = "there are no rows; a number of -1 or less is an error",
    .source = "scikit-learn mean_squared_log_error",
    NUMBERS,
    ERROR_RANGE,
    MEANS,
    KERNEL(.terms = {&terms_squared_log}),
};

const struct mlg_metric mlg_metric_mean_error = {
    .name = "mean_error",
    .aliases = NAMES("mean_bias_error"),
    .about = "by how much the predictions are too high on average; below 0 they are too low",
    .definition = "mean of prediction - label",
    .undefined_when = "there are no rows",
    .source = "the usual definition of bias",
    NUMBERS,
    .direction = MLG_NO_DIRECTION,
    .minimum = -(double)INFINITY,
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_T_HALL,
    MEANS,
    KERNEL(.terms = {&terms_error}),
};

const struct mlg_metric mlg_metric_mean_score = {
    .name = "mean_score",
    .about = "the mean score of the positive class, whatever the labels",
    .definition = "mean of score",
    .undefined_when = "there are no rows; several score columns are an error",
    .source = "fairlearn mean_prediction, of scores",
    .reads = MLG_READS_SCORE,
    .direction = MLG_NO_DIRECTION,
    .minimum = -(double)INFINITY,
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_T_HALL,
    MEANS,
    KERNEL(.terms = {&terms_score}),
};

const struct mlg_metric mlg_metric_calibration_in_the_large = {
    .name = "calibration_in_the_large",
    .about = "by how much the probabilities promise too much on average; below 0 too little",
    .definition = "mean of (probability - 1 where the label is positive)",
    .undefined_when =
        "there are no rows, or the positive class is not known; several score columns are an error",
    .source = "Cox 1958, Biometrika 45:562, as a difference",
    PROBABILITIES,
    .direction = MLG_NO_DIRECTION,
    .minimum = -1,
    .maximum = 1,
    .method = MLG_METHOD_T_HALL,
    MEANS,
    KERNEL(.terms = {&terms_excess, &mlg_family_positive}),
};

const struct mlg_metric mlg_metric_pinball_loss = {
    .name = "pinball_loss",
    .aliases = NAMES("mean_pinball_loss"),
    .about = "how well the predictions are the alpha-quantile of the labels",
    .definition = "mean of max(alpha d, (alpha - 1) d), d = label - prediction; with alpha=0.5 half the mae",
    .undefined_when = "there are no rows",
    .source = "scikit-learn mean_pinball_loss",
    .arguments = only_alpha,
    NUMBERS,
    ERROR_RANGE,
    MEANS,
    .accuracy_like = true,
    .constant_bound = absolute_bound,
    KERNEL(.terms = {&terms_pinball, &terms_label_squares}, .parameter = PARAMETER_ALPHA),
};

const struct mlg_metric mlg_metric_tweedie_deviance = {
    .name = "tweedie_deviance",
    .aliases = NAMES("mean_tweedie_deviance"),
    .about =
        "how far the predictions are from labels that spread wider where they are larger: counts, amounts",
    .definition =
        "mean unit deviance of power: 0 squared error, 1 Poisson 2 (y ln(y/f) - y + f), 2 gamma "
        "2 (ln(f/y) + y/f - 1), else 2 (max(y,0)^(2-p)/((1-p)(2-p)) - y f^(1-p)/(1-p) + f^(2-p)/(2-p))",
    .undefined_when =
        "there are no rows; numbers outside the power's domain are an error (predictions above 0 "
        "but for power 0; labels not below 0 from power 1, above 0 from power 2)",
    .source = "scikit-learn mean_tweedie_deviance",
    .arguments = only_power,
    .check = check_power,
    NUMBERS,
    ERROR_RANGE,
    MEANS,
    KERNEL(.terms = {&terms_tweedie}, .parameter = PARAMETER_POWER),
};

const struct mlg_metric mlg_metric_r2 = {
    .name = "r2",
    .aliases = NAMES("r2_score"),
    .about =
        "share of the labels' spread that the predictions explain; 0 is the mean label, below it is worse",
    .definition = "1 - sum of (label - prediction)^2 / sum of (label - mean label)^2",
    .undefined_when = "there are fewer than two rows, or all labels are equal (scikit-learn says 0 or 1)",
    .source = "scikit-learn r2_score(force_finite=False)",
    NUMBERS,
    .direction = MLG_HIGHER_IS_BETTER,
    .minimum = -(double)INFINITY,
    .maximum = 1,
    .method = MLG_METHOD_DELTA,
    .accuracy_like = true,
    MEANS,
    .constant = means_constant,
    KERNEL(.terms = {&terms_r2}, .shape = SHAPE_R2, .constant = CONSTANT_ZERO),
};

const struct mlg_metric mlg_metric_explained_variance = {
    .name = "explained_variance",
    .aliases = NAMES("explained_variance_score"),
    .about = "as r2, but a constant offset of all predictions costs nothing",
    .definition = "1 - variance of (label - prediction) / variance of label",
    .undefined_when = "there are fewer than two rows, or all labels are equal (scikit-learn says 0 or 1)",
    .source = "scikit-learn explained_variance_score(force_finite=False)",
    NUMBERS,
    .direction = MLG_HIGHER_IS_BETTER,
    .minimum = -(double)INFINITY,
    .maximum = 1,
    .method = MLG_METHOD_DELTA,
    .accuracy_like = true,
    MEANS,
    .constant = means_constant,
    KERNEL(.terms = {&terms_explained, &terms_label_squares, &terms_error_squares}, .shape = SHAPE_EXPLAINED,
           .constant = CONSTANT_ZERO),
};

const struct mlg_metric mlg_metric_d2_tweedie = {
    .name = "d2_tweedie",
    .aliases = NAMES("d2_tweedie_score"),
    .about = "share of the labels' Tweedie deviance that the predictions explain; power 0 is r2",
    .definition = "1 - tweedie_deviance(prediction) / tweedie_deviance(mean label)",
    .undefined_when = "there are fewer than two rows, or all labels are equal",
    .source = "scikit-learn d2_tweedie_score",
    .arguments = only_power,
    .check = check_power,
    NUMBERS,
    .direction = MLG_HIGHER_IS_BETTER,
    .minimum = -(double)INFINITY,
    .maximum = 1,
    .method = MLG_METHOD_DELTA,
    .accuracy_like = true,
    MEANS,
    .constant = means_constant,
    KERNEL(.terms = {&terms_d2_tweedie}, .shape = SHAPE_D2_TWEEDIE, .parameter = PARAMETER_POWER,
           .constant = CONSTANT_ZERO),
};
