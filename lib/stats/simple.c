/* simple: columns of a design, Newton's steps to its coefficients, answers. */
#include "simple.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hashed.h"
#include "mlgate/sum.h"
#include "mlgate/table.h"

enum {
    BLOCK_ROWS = 256,
    MOST_STEPS = 100,
    MOST_HALVINGS = 60,
    /* A product of sparse rows costs as much as so many of a block's; so few cells are not worth a block. */
    SPARSE_COST = 6,
    FEW_ENTRIES = 16
};

static int no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory to fit a simple model");
}

/* To `bits` binary digits. */
static double round_bits(double value, int bits)
{
    int exponent;
    if (!isfinite(value) || value == 0)
        return value;
    const double fraction = frexp(value, &exponent);
    return ldexp(rint(ldexp(fraction, bits)), exponent - bits);
}

static double weight_of(const struct mlg_simple_target *target, size_t row)
{
    return target->weights ? target->weights[row] : 1;
}

/* ---- numbers as they are worked with ------------------------------------------------------------- */

/* Brought between -1 and 1 by a power of two first, which is exact: squares of 1e300 are no doubles. */
struct scale {
    double factor, mean, deviation; /* (number * factor - mean) / deviation */
    bool varies;
};

static struct scale scale_of(const double *numbers, size_t rows, const struct mlg_simple_target *target)
{
    struct scale scale = {.factor = 1, .deviation = 1};
    struct mlg_sum weights = {0}, sum = {0}, squares = {0};
    double least = (double)INFINITY, most = -(double)INFINITY;
    for (size_t i = 0; i < rows; i++) {
        if (isnan(numbers[i]) || !(weight_of(target, i) > 0))
            continue;
        least = fmin(least, numbers[i]);
        most = fmax(most, numbers[i]);
    }
    if (least > most)
        return scale;
    int exponent;
    frexp(fmax(fabs(least), fabs(most)), &exponent);
    scale.factor = ldexp(1, exponent < -1000 ? 1000 : -exponent);
    for (size_t i = 0; i < rows; i++) {
        if (isnan(numbers[i]) || !(weight_of(target, i) > 0))
            continue;
        mlg_sum_add(&weights, weight_of(target, i));
        mlg_sum_add_product(&sum, weight_of(target, i), numbers[i] * scale.factor);
    }
    const double all = mlg_sum_round(&weights);
    scale.mean = least < most ? mlg_sum_round(&sum) / all : least * scale.factor;
    for (size_t i = 0; i < rows; i++) {
        const double difference = numbers[i] * scale.factor - scale.mean;
        if (!isnan(numbers[i]) && weight_of(target, i) > 0)
            mlg_sum_add_product(&squares, weight_of(target, i), difference * difference);
    }
    const double deviation = sqrt(mlg_sum_round(&squares) / all);
    scale.varies = least < most && isfinite(deviation) && deviation > 16 * DBL_EPSILON * fabs(scale.mean);
    if (scale.varies)
        scale.deviation = deviation;
    return scale;
}

/* ---- the design ---------------------------------------------------------------------------------- */

struct category {
    const char *text;
    size_t rows;
};

static int by_frequency(const void *a, const void *b)
{
    const struct category *one = a, *other = b;
    if (one->rows != other->rows)
        return one->rows > other->rows ? -1 : 1;
    return strcmp(other->text, one->text); /* as scikit-learn */
}

static int by_text(const void *a, const void *b)
{
    const struct category *one = a, *other = b;
    return strcmp(one->text, other->text);
}

static int number_column(const struct mlg_feature *feature, size_t rows,
                         const struct mlg_simple_target *target, struct mlg_simple_column *column,
                         size_t *width)
{
    const struct scale scale = scale_of(feature->numbers, rows, target);
    bool missing = false, present = false;
    for (size_t i = 0; i < rows; i++) {
        if (!(weight_of(target, i) > 0))
            continue;
        missing = missing || isnan(feature->numbers[i]);
        present = present || !isnan(feature->numbers[i]);
    }
    column->factor = scale.factor;
    column->mean = scale.mean;
    column->deviation = scale.deviation;
    if (scale.varies)
        column->number = (int)(*width)++;
    if (missing && present)
        column->missing = (int)(*width)++;
    return MLG_OK;
}

static int category_column(const struct mlg_feature *feature, size_t rows,
                           const struct mlg_simple_target *target, struct mlg_arena *arena,
                           struct mlg_simple_column *column, size_t *width, struct mlg_error *error)
{
    struct category *categories = calloc(feature->text_count + 1, sizeof *categories);
    size_t count = 0, missing = 0;
    if (!categories)
        return no_memory(error);
    for (size_t k = 0; k < feature->text_count; k++)
        categories[k].text = feature->texts[k];
    for (size_t i = 0; i < rows; i++) {
        if (!(weight_of(target, i) > 0))
            continue;
        if (feature->codes[i] < feature->text_count)
            categories[feature->codes[i]].rows++;
        else
            missing++;
    }
    for (size_t k = 0; k < feature->text_count; k++)
        if (categories[k].rows > 0)
            categories[count++] = categories[k];
    qsort(categories, count, sizeof *categories, by_frequency);
    const size_t kept = count < MLG_SIMPLE_CATEGORIES ? count : MLG_SIMPLE_CATEGORIES;
    qsort(categories, kept, sizeof *categories, by_text);
    if (count + (missing > 0) > 1) { /* else all rows are alike */
        column->texts = MLG_NEW_ARRAY(arena, const char *, kept + 1);
        for (size_t k = 0; column->texts && k < kept; k++) {
            column->texts[k] = mlg_arena_copy(arena, categories[k].text, strlen(categories[k].text));
            if (!column->texts[k])
                column->texts = NULL;
        }
        column->text_count = kept;
        column->first = (int)*width;
        *width += kept;
        if (count > kept)
            column->other = (int)(*width)++;
        if (missing > 0)
            column->missing = (int)(*width)++;
        if (!column->texts) {
            free(categories);
            return no_memory(error);
        }
    }
    free(categories);
    return MLG_OK;
}

static int design(const struct mlg_features *features, const struct mlg_simple_target *target,
                  struct mlg_arena *arena, struct mlg_simple *model, struct mlg_error *error)
{
    model->feature_count = features->count;
    model->columns = MLG_NEW_ARRAY(arena, struct mlg_simple_column, features->count + 1);
    if (!model->columns)
        return no_memory(error);
    for (size_t f = 0; f < features->count; f++) {
        const struct mlg_feature *feature = &features->items[f];
        struct mlg_simple_column *column = &model->columns[f];
        *column = (struct mlg_simple_column){.number = MLG_SIMPLE_NONE,
                                             .missing = MLG_SIMPLE_NONE,
                                             .first = MLG_SIMPLE_NONE,
                                             .other = MLG_SIMPLE_NONE,
                                             .factor = 1,
                                             .deviation = 1};
        const int code =
            feature->is_numeric
                ? number_column(feature, features->rows, target, column, &model->width)
                : category_column(feature, features->rows, target, arena, column, &model->width, error);
        if (code)
            return code;
    }
    return MLG_OK;
}

/* ---- cells as columns of the design ---------------------------------------------------------------- */

/* The column of the design of every code of every feature of categories. */
struct reading {
    const struct mlg_features *features;
    const struct mlg_simple_column *columns;
    int **maps; /* [feature][code]; NULL: numbers */
};

static void reading_free(struct reading *reading)
{
    for (size_t f = 0; reading->maps && f < reading->features->count; f++)
        free(reading->maps[f]);
    free((void *)reading->maps);
}

static int find_text(const struct mlg_simple_column *column, const char *text)
{
    size_t low = 0, high = column->text_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(column->texts[middle], text);
        if (order == 0)
            return column->first + (int)middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return column->other;
}

static bool reading_new(struct reading *reading, const struct mlg_simple *model,
                        const struct mlg_features *features)
{
    *reading = (struct reading){.features = features, .columns = model->columns};
    reading->maps = calloc(features->count + 1, sizeof *reading->maps);
    if (!reading->maps)
        return false;
    for (size_t f = 0; f < features->count; f++) {
        const struct mlg_feature *feature = &features->items[f];
        if (feature->is_numeric)
            continue;
        reading->maps[f] = calloc(feature->text_count + 1, sizeof **reading->maps);
        if (!reading->maps[f]) {
            reading_free(reading);
            return false;
        }
        for (size_t k = 0; k < feature->text_count; k++)
            reading->maps[f][k] = find_text(&model->columns[f], feature->texts[k]);
    }
    return true;
}

/* A cell is one number in one column of the design, or (MLG_SIMPLE_NONE) nothing. */
struct entry {
    int column;
    double value;
};

static struct entry read_cell(const struct reading *reading, size_t f, size_t row)
{
    const double most = 1e150; /* far out, but its square is a number */
    const struct mlg_feature *feature = &reading->features->items[f];
    const struct mlg_simple_column *column = &reading->columns[f];
    if (!feature->is_numeric) {
        const uint32_t code = feature->codes[row];
        return (struct entry){code < feature->text_count ? reading->maps[f][code] : column->missing, 1};
    }
    const double number = feature->numbers[row];
    if (isnan(number))
        return (struct entry){column->missing, 1};
    const double value = (number * column->factor - column->mean) / column->deviation;
    return (struct entry){column->number, fmin(fmax(value, -most), most)};
}

/* ---- rows in an order of their own ------------------------------------------------------------------ */

/* Sums over rows are rounded in the order in which they are added, so that order must come from what the rows
 * hold. Rows that hold the same become one that counts as often. A row is its answer, its weight and its
 * cells: a number as the design has it, or NaN; a category's column of the design. */
enum { ANSWER, WEIGHT, CELLS };

static void read_row(const struct reading *reading, const struct mlg_simple_target *target, size_t row,
                     double *content)
{
    const struct mlg_features *features = reading->features;
    content[ANSWER] = target->classes ? (double)target->classes[row] : target->numbers[row] + 0.0;
    content[WEIGHT] = weight_of(target, row);
    for (size_t f = 0; f < features->count; f++) {
        const struct entry entry = read_cell(reading, f, row);
        if (!features->items[f].is_numeric)
            content[CELLS + f] = entry.column;
        else
            content[CELLS + f] =
                isnan(features->items[f].numbers[row]) ? (double)NAN : entry.value + 0.0; /* -0 is 0 */
    }
}

static uint64_t hash_content(const double *content, size_t size)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < size; i++)
        hash = mlg_hashed_mix(hash, mlg_hashed_bits(content[i]));
    return mlg_hashed_mix(hash, size);
}

struct contents {
    const double *all; /* [row][size] */
    size_t size;
};

static int compare_contents(const void *a, const void *b, void *context)
{
    const struct contents *contents = context;
    const struct mlg_hashed *one = a, *other = b;
    return memcmp(contents->all + one->row * contents->size, contents->all + other->row * contents->size,
                  contents->size * sizeof(double));
}

/* Places with one hash that do not all hold the same. */
static void order_equal_hashes(struct mlg_hashed *places, size_t count, struct contents *contents)
{
    for (size_t first = 0, last; first < count; first = last) {
        bool same = true;
        for (last = first + 1; last < count && places[last].hash == places[first].hash; last++)
            same = same && compare_contents(&places[first], &places[last], contents) == 0;
        if (!same)
            qsort_r(places + first, last - first, sizeof *places, compare_contents, contents);
    }
}

/* ---- Newton's method ------------------------------------------------------------------------------- */

struct fit {
    const struct mlg_simple *model;
    const struct mlg_simple_target *target;
    const struct mlg_dense *dense;
    const struct reading *reading;
    double *contents; /* [row][size], of the different rows that count, in their order */
    size_t count, size;
    const int *unit_of;  /* of a class */
    struct scale scale;  /* of the numbers that are to be told */
    double total;        /* sum of the weights */
    size_t side, length; /* coefficients of one unit, of all */
    /* What is known at the coefficients. */
    double objective, *coefficients, *gradient, *curvature;
    double *previous, *step;
    /* One block of rows; of sparse ones their cells that are not 0. */
    bool is_sparse;
    double *rows, *scaled, *linear, *residual, *share;
    int *columns;
};

static bool fit_room(struct fit *fit)
{
    const size_t units = fit->model->units;
    fit->coefficients = calloc(fit->length, sizeof(double));
    fit->gradient = calloc(fit->length, sizeof(double));
    fit->previous = calloc(fit->length, sizeof(double));
    fit->step = calloc(fit->length, sizeof(double));
    fit->curvature = calloc(fit->length * fit->length, sizeof(double));
    fit->rows = calloc(fit->is_sparse ? fit->size : BLOCK_ROWS * fit->side, sizeof(double));
    fit->scaled = calloc(fit->is_sparse ? 1 : BLOCK_ROWS * fit->side, sizeof(double));
    fit->columns = calloc(fit->size, sizeof *fit->columns);
    fit->linear = calloc(BLOCK_ROWS * units, sizeof(double));
    fit->residual = calloc(BLOCK_ROWS * units, sizeof(double));
    fit->share = calloc(BLOCK_ROWS * units, sizeof(double));
    return fit->coefficients && fit->gradient && fit->previous && fit->step && fit->curvature && fit->rows &&
           fit->scaled && fit->linear && fit->residual && fit->share && fit->columns;
}

static void fit_free(struct fit *fit)
{
    free(fit->contents);
    free(fit->coefficients);
    free(fit->gradient);
    free(fit->previous);
    free(fit->step);
    free(fit->curvature);
    free(fit->rows);
    free(fit->scaled);
    free(fit->linear);
    free(fit->residual);
    free(fit->share);
    free(fit->columns);
}

/* The column of the design that a cell stands in, or MLG_SIMPLE_NONE, and the number there. */
static int place_cell(const struct fit *fit, size_t f, double cell, double *value)
{
    const struct mlg_simple_column *column = &fit->model->columns[f];
    const bool numeric = fit->reading->features->items[f].is_numeric;
    *value = 1;
    if (!numeric)
        return (int)cell;
    if (isnan(cell))
        return column->missing;
    *value = cell;
    return column->number;
}

static void fill_block(struct fit *fit, size_t first, size_t count)
{
    memset(fit->rows, 0, BLOCK_ROWS * fit->side * sizeof(double));
    for (size_t i = 0; i < count; i++) {
        const double *content = fit->contents + (first + i) * fit->size;
        double *row = fit->rows + i * fit->side, value;
        for (size_t f = 0; f < fit->reading->features->count; f++) {
            const int at = place_cell(fit, f, content[CELLS + f], &value);
            if (at >= 0)
                row[at] = value;
        }
        row[fit->side - 1] = 1;
    }
}

/* The cells of a row that are not 0 in ascending columns, the intercept last. */
static size_t fill_sparse(struct fit *fit, const double *content)
{
    size_t count = 0;
    for (size_t f = 0; f < fit->reading->features->count; f++) {
        const int at = place_cell(fit, f, content[CELLS + f], &fit->rows[count]);
        if (at >= 0)
            fit->columns[count++] = at;
    }
    fit->rows[count] = 1;
    fit->columns[count] = (int)fit->side - 1;
    return count + 1;
}

static double number_told(const struct fit *fit, double number)
{
    return (number * fit->scale.factor - fit->scale.mean) / fit->scale.deviation;
}

/* Of row i of the block: what it costs, and of every unit its share (probability) and residual. */
static double judge_row(struct fit *fit, size_t i, const double *content)
{
    const size_t units = fit->model->units;
    const double weight = content[WEIGHT];
    if (fit->model->seen_count == 0) {
        const double difference = fit->linear[i] - number_told(fit, content[ANSWER]);
        fit->residual[i] = weight * difference;
        return fit->residual[i] * difference / 2;
    }
    const size_t own = (size_t)fit->unit_of[(size_t)content[ANSWER]];
    if (units == 1) {
        const double x = fit->linear[i], small = exp(-fabs(x));
        const double share = (x >= 0 ? 1 : small) / (1 + small);
        fit->share[i] = share;
        fit->residual[i] = weight * (own ? -(x >= 0 ? small : 1) / (1 + small) : share);
        return weight * (log1p(small) + fmax(own ? -x : x, 0));
    }
    double most = -(double)INFINITY, sum = 0;
    for (size_t u = 0; u < units; u++)
        most = fmax(most, fit->linear[u * BLOCK_ROWS + i]);
    for (size_t u = 0; u < units; u++)
        sum += fit->share[u * BLOCK_ROWS + i] = exp(fit->linear[u * BLOCK_ROWS + i] - most);
    for (size_t u = 0; u < units; u++) {
        fit->share[u * BLOCK_ROWS + i] /= sum;
        fit->residual[u * BLOCK_ROWS + i] = weight * (fit->share[u * BLOCK_ROWS + i] - (u == own ? 1 : 0));
    }
    return weight * (log(sum) + most - fit->linear[own * BLOCK_ROWS + i]);
}

/* Second derivatives between units u and v <= u: x'x with rows scaled by the root of their curvature. */
static void add_curvature(struct fit *fit, size_t first, size_t count, size_t u, size_t v)
{
    const size_t side = fit->side;
    for (size_t i = 0; i < count; i++) {
        const double mine = fit->share[u * BLOCK_ROWS + i], its = fit->share[v * BLOCK_ROWS + i];
        const double curvature = fit->model->seen_count == 0 ? 1 : u == v ? mine * (1 - mine) : mine * its;
        const double root = sqrt(fit->contents[(first + i) * fit->size + WEIGHT] * curvature);
        for (size_t j = 0; j < side; j++)
            fit->scaled[i * side + j] = root * fit->rows[i * side + j];
    }
    fit->dense->gram(fit->dense, count, side, u == v ? 1 : -1, fit->scaled,
                     fit->curvature + u * side * fit->length + v * side, fit->length);
}

/* The penalty of all coefficients but the intercepts. Of several units' intercepts only the differences
 * matter: their sum is kept at 0. */
static void add_penalty(struct fit *fit)
{
    const size_t units = fit->model->units, side = fit->side, length = fit->length;
    double sum = 0;
    for (size_t u = 0; u < units; u++) {
        for (size_t j = 0; j + 1 < side; j++) {
            const size_t at = u * side + j;
            fit->objective += fit->coefficients[at] * fit->coefficients[at] / 2;
            fit->gradient[at] += fit->coefficients[at];
            fit->curvature[at * length + at] += 1;
        }
        sum += fit->coefficients[u * side + side - 1];
    }
    const double hold = fit->total / (double)(units * units);
    for (size_t u = 0; units > 1 && u < units; u++) {
        const size_t at = u * side + side - 1;
        fit->gradient[at] += hold * sum;
        for (size_t v = 0; v <= u; v++)
            fit->curvature[at * length + v * side + side - 1] += hold;
    }
    if (units > 1)
        fit->objective += hold * sum * sum / 2;
}

static void add_dense_rows(struct fit *fit)
{
    const size_t units = fit->model->units, side = fit->side;
    for (size_t first = 0; first < fit->count; first += BLOCK_ROWS) {
        const size_t left = fit->count - first, count = left < BLOCK_ROWS ? left : BLOCK_ROWS;
        fill_block(fit, first, count);
        for (size_t u = 0; u < units; u++)
            fit->dense->times(fit->dense, count, side, fit->rows, fit->coefficients + u * side,
                              fit->linear + u * BLOCK_ROWS);
        for (size_t i = 0; i < count; i++)
            fit->objective += judge_row(fit, i, fit->contents + (first + i) * fit->size);
        for (size_t u = 0; u < units; u++) {
            fit->dense->transposed(fit->dense, count, side, fit->rows, fit->residual + u * BLOCK_ROWS,
                                   fit->gradient + u * side);
            for (size_t v = 0; v <= u; v++)
                add_curvature(fit, first, count, u, v);
        }
    }
}

/* One row's second derivatives between units u and v <= u. */
static void add_sparse_curvature(struct fit *fit, size_t count, double weight, size_t u, size_t v)
{
    const double mine = fit->share[u * BLOCK_ROWS], its = fit->share[v * BLOCK_ROWS];
    const double curvature = weight * (fit->model->seen_count == 0 ? 1
                                       : u == v                    ? mine * (1 - mine)
                                                                   : -mine * its);
    for (size_t i = 0; i < count; i++) {
        const double value = curvature * fit->rows[i];
        double *row =
            fit->curvature + (u * fit->side + (size_t)fit->columns[i]) * fit->length + v * fit->side;
        for (size_t j = 0; j <= i; j++)
            row[fit->columns[j]] += value * fit->rows[j];
    }
}

/* Of a category one column of the design is not 0: most of a block would be multiplied by nothing. */
static void add_sparse_rows(struct fit *fit)
{
    const size_t units = fit->model->units, side = fit->side;
    for (size_t row = 0; row < fit->count; row++) {
        const double *content = fit->contents + row * fit->size;
        const size_t count = fill_sparse(fit, content);
        for (size_t u = 0; u < units; u++) {
            double linear = 0;
            for (size_t i = 0; i < count; i++)
                linear += fit->coefficients[u * side + (size_t)fit->columns[i]] * fit->rows[i];
            fit->linear[u * BLOCK_ROWS] = linear;
        }
        fit->objective += judge_row(fit, 0, content);
        for (size_t u = 0; u < units; u++) {
            for (size_t i = 0; i < count; i++)
                fit->gradient[u * side + (size_t)fit->columns[i]] +=
                    fit->residual[u * BLOCK_ROWS] * fit->rows[i];
            for (size_t v = 0; v <= u; v++)
                add_sparse_curvature(fit, count, content[WEIGHT], u, v);
        }
    }
}

/* Objective, gradient and second derivatives at the coefficients. */
static void evaluate(struct fit *fit)
{
    const size_t units = fit->model->units, side = fit->side, length = fit->length;
    fit->objective = 0;
    memset(fit->gradient, 0, length * sizeof(double));
    memset(fit->curvature, 0, length * length * sizeof(double));
    if (fit->is_sparse)
        add_sparse_rows(fit);
    else
        add_dense_rows(fit);
    /* Between two units the whole square counts, of which the lower triangle is known. */
    for (size_t u = 1; u < units; u++)
        for (size_t v = 0; v < u; v++)
            for (size_t i = 0; i < side; i++)
                for (size_t j = 0; j < i; j++)
                    fit->curvature[(u * side + j) * length + v * side + i] =
                        fit->curvature[(u * side + i) * length + v * side + j];
    add_penalty(fit);
}

/* Where the intercepts alone would stand. */
static bool begin_at(struct fit *fit)
{
    const size_t units = fit->model->units, side = fit->side, seen = fit->model->seen_count;
    if (seen == 0)
        return true; /* numbers have the mean 0 */
    struct mlg_sum *weights = calloc(seen, sizeof *weights);
    double mean = 0;
    if (!weights)
        return false;
    for (size_t i = 0; i < fit->count; i++) {
        const double *content = fit->contents + i * fit->size;
        mlg_sum_add(&weights[fit->unit_of[(size_t)content[ANSWER]]], content[WEIGHT]);
    }
    for (size_t k = 0; k < seen; k++)
        mean += log(mlg_sum_round(&weights[k]) / fit->total) / (double)seen;
    for (size_t u = 0; u < units; u++)
        fit->coefficients[u * side + side - 1] =
            units == 1 ? log(mlg_sum_round(&weights[1]) / mlg_sum_round(&weights[0]))
                       : log(mlg_sum_round(&weights[u]) / fit->total) - mean;
    free(weights);
    return true;
}

/* A step is taken in full, or by halves as long as it makes things worse. Ends where the next step would be
 * lost in rounding: its square, which is what is left, is far below what is told. False: it does not get
 * there. */
static bool newton(struct fit *fit, unsigned *steps)
{
    const size_t length = fit->length;
    unsigned halvings = 0;
    double best = (double)INFINITY;
    for (*steps = 0; *steps < MOST_STEPS && halvings < MOST_HALVINGS;) {
        evaluate(fit);
        if (!(fit->objective <= best + 1e-12 * fabs(best)) && *steps > 0) {
            halvings++;
            for (size_t i = 0; i < length; i++) {
                fit->step[i] /= 2;
                fit->coefficients[i] = fit->previous[i] - fit->step[i];
            }
            continue;
        }
        halvings = 0;
        best = fit->objective;
        memcpy(fit->previous, fit->coefficients, length * sizeof(double));
        memcpy(fit->step, fit->gradient, length * sizeof(double));
        if (!isfinite(best) || !fit->dense->factor(fit->dense, length, fit->curvature))
            return false;
        fit->dense->solve(fit->dense, length, fit->curvature, fit->step);
        double decrement = 0, largest = 0, size = 0;
        for (size_t i = 0; i < length; i++) {
            decrement += fit->step[i] * fit->gradient[i];
            size = fmax(size, fabs(fit->step[i]));
            largest = fmax(largest, fabs(fit->coefficients[i]));
            fit->coefficients[i] -= fit->step[i];
        }
        if (!isfinite(size))
            return false;
        ++*steps;
        if (size <= 1e-9 * (1 + largest) || decrement <= 1e-18)
            return true;
    }
    return false;
}

/* ---- the fit --------------------------------------------------------------------------------------- */

/* False: no memory. */
static bool sort_rows(struct fit *fit, size_t rows)
{
    struct mlg_sum total = {0};
    struct contents contents = {.size = fit->size};
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < rows; i++)
        count += weight_of(fit->target, i) > 0;
    struct mlg_hashed *places = calloc(count + 1, sizeof *places);
    double *all = calloc(count * fit->size + 1, sizeof *all);
    bool memory = places && all;
    for (size_t i = 0; memory && i < rows; i++) {
        if (!(weight_of(fit->target, i) > 0))
            continue;
        double *content = all + kept * fit->size;
        read_row(fit->reading, fit->target, i, content);
        mlg_sum_add(&total, content[WEIGHT]);
        places[kept] = (struct mlg_hashed){hash_content(content, fit->size), kept};
        kept++;
    }
    fit->total = mlg_sum_round(&total);
    contents.all = all;
    memory = memory && mlg_hashed_sort(places, count);
    size_t different = 0;
    if (memory) {
        order_equal_hashes(places, count, &contents);
        for (size_t i = 0; i < count; i++)
            different += i == 0 || compare_contents(&places[i - 1], &places[i], &contents) != 0;
        fit->contents = calloc(different * fit->size + 1, sizeof *fit->contents);
        memory = fit->contents != NULL;
    }
    for (size_t i = 0; memory && i < count;) {
        double *content = fit->contents + fit->count++ * fit->size;
        const size_t first = i++;
        while (i < count && compare_contents(&places[first], &places[i], &contents) == 0)
            i++;
        memcpy(content, all + places[first].row * fit->size, fit->size * sizeof *content);
        content[WEIGHT] *= (double)(i - first);
    }
    free(places);
    free(all);
    return memory;
}

/* Coefficients of the numbers as they are, on a grid relative to the largest of their unit. */
static bool tell(const struct fit *fit, struct mlg_simple *model)
{
    const size_t side = fit->side;
    const double back = fit->model->seen_count == 0 ? fit->scale.deviation / fit->scale.factor : 1;
    for (size_t u = 0; u < model->units; u++) {
        double largest = 0;
        int exponent;
        for (size_t j = 0; j < side; j++)
            largest = fmax(largest, fabs(fit->coefficients[u * side + j]));
        frexp(largest, &exponent);
        for (size_t j = 0; j < side; j++) {
            const double grid = ldexp(1, exponent - MLG_SIMPLE_BITS + 4);
            double value = grid > 0 ? rint(fit->coefficients[u * side + j] / grid) * grid : 0;
            if (model->seen_count == 0)
                value = value * back + (j + 1 == side ? fit->scale.mean / fit->scale.factor : 0);
            model->coefficients[u * side + j] = value;
            if (!isfinite(value))
                return false;
        }
    }
    return true;
}

static int fit_design(const struct mlg_features *features, const struct mlg_simple_target *target,
                      const struct mlg_dense *dense, const int *unit_of, struct mlg_arena *arena,
                      struct mlg_simple *model, struct mlg_error *error)
{
    struct reading reading;
    struct fit fit = {.model = model,
                      .target = target,
                      .dense = dense,
                      .reading = &reading,
                      .unit_of = unit_of,
                      .size = CELLS + features->count,
                      .side = model->width + 1,
                      .length = model->units * (model->width + 1)};
    const size_t entries = features->count + 1;
    fit.is_sparse = entries <= FEW_ENTRIES || SPARSE_COST * entries * entries <= fit.side * fit.side;
    const double work =
        fit.is_sparse ? sqrt(SPARSE_COST) * (double)(model->units * entries) : (double)fit.length;
    if (fit.length > MLG_SIMPLE_COEFFICIENTS)
        return mlg_error_set(
            error, MLG_LIMIT,
            "a simple model of %zu columns has %zu coefficients, and %d is the most; name fewer "
            "columns with 'features'",
            features->count, fit.length, MLG_SIMPLE_COEFFICIENTS);
    if ((double)features->rows * work * work > MLG_SIMPLE_WORK)
        return mlg_error_set(
            error, MLG_LIMIT,
            "a simple model of %zu coefficients on %zu rows takes too long; name fewer columns "
            "with 'features'",
            fit.length, features->rows);
    model->coefficients = MLG_NEW_ARRAY(arena, double, fit.length);
    if (!model->coefficients || !reading_new(&reading, model, features))
        return no_memory(error);
    if (model->seen_count == 0)
        fit.scale = scale_of(target->numbers, features->rows, target);
    int code = MLG_OK;
    if (!fit_room(&fit) || !sort_rows(&fit, features->rows) || !begin_at(&fit))
        code = no_memory(error);
    else if (!newton(&fit, &model->steps) || !tell(&fit, model))
        model->undefined = "a simple model of these columns has no finite fit";
    fit_free(&fit);
    reading_free(&reading);
    return code;
}

int mlg_simple_fit(const struct mlg_features *features, const struct mlg_simple_target *target,
                   const struct mlg_dense *dense, struct mlg_arena *arena, struct mlg_simple *model,
                   struct mlg_error *error)
{
    bool counts = false;
    *model = (struct mlg_simple){.class_count = target->classes ? target->class_count : 0};
    model->seen = MLG_NEW_ARRAY(arena, uint16_t, model->class_count + 1);
    int *unit_of = MLG_NEW_ARRAY(arena, int, model->class_count + 1);
    if (!model->seen || !unit_of)
        return no_memory(error);
    for (size_t i = 0; i < features->rows; i++) {
        if (!(weight_of(target, i) > 0))
            continue;
        counts = true;
        if (target->classes)
            unit_of[target->classes[i]] = 1;
    }
    for (size_t k = 0; k < model->class_count; k++) {
        if (!unit_of[k])
            continue;
        unit_of[k] = (int)model->seen_count;
        model->seen[model->seen_count++] = (uint16_t)k;
    }
    model->units = model->seen_count > 2 ? model->seen_count : 1;
    const int code = design(features, target, arena, model, error);
    if (code)
        return code;
    if (!counts)
        model->undefined = "there are no rows to fit a simple model on";
    else if (target->classes && model->seen_count == 1)
        model->undefined = "all rows that a simple model is fitted on have the same label";
    else if (model->width == 0)
        model->undefined = "no column varies in the rows that a simple model is fitted on";
    if (model->undefined)
        return MLG_OK;
    return fit_design(features, target, dense, unit_of, arena, model, error);
}

static void *copy_of(const void *from, size_t count, size_t size, struct mlg_arena *arena)
{
    void *to = mlg_arena_alloc(arena, count + 1, size);
    if (to && count)
        memcpy(to, from, count * size);
    return to;
}

bool mlg_simple_copy(const struct mlg_simple *model, struct mlg_arena *arena, struct mlg_simple *copy)
{
    *copy = *model;
    copy->columns = copy_of(model->columns, model->feature_count, sizeof *model->columns, arena);
    copy->seen = copy_of(model->seen, model->seen_count, sizeof *model->seen, arena);
    copy->coefficients =
        copy_of(model->coefficients, model->coefficients ? model->units * (model->width + 1) : 0,
                sizeof *model->coefficients, arena);
    bool memory = copy->columns && copy->seen && copy->coefficients;
    for (size_t f = 0; memory && f < copy->feature_count; f++) {
        struct mlg_simple_column *column = &copy->columns[f];
        const char **texts = MLG_NEW_ARRAY(arena, const char *, column->text_count + 1);
        memory = texts != NULL;
        for (size_t k = 0; memory && k < column->text_count; k++)
            memory = (texts[k] = mlg_arena_copy(arena, column->texts[k], strlen(column->texts[k]))) != NULL;
        column->texts = texts;
    }
    return memory;
}

/* ---- answers --------------------------------------------------------------------------------------- */

static double told(double value)
{
    return round_bits(fmin(fmax(value, -1.7e308), 1.7e308), MLG_SIMPLE_BITS);
}

static void answer(const struct mlg_simple *model, double *linear, size_t row, double *const *out)
{
    if (model->seen_count == 0) {
        out[0][row] = told(linear[0]);
        return;
    }
    for (size_t k = 0; k < model->class_count; k++)
        out[k][row] = 0;
    if (model->units == 1) {
        const double small = exp(-fabs(linear[0]));
        const double high = round_bits(1 / (1 + small), MLG_SIMPLE_BITS);
        const double low = round_bits(small / (1 + small), MLG_SIMPLE_BITS);
        out[model->seen[0]][row] = linear[0] > 0 ? low : high;
        out[model->seen[1]][row] = linear[0] > 0 ? high : low;
        return;
    }
    double most = linear[0], sum = 0;
    for (size_t u = 1; u < model->units; u++)
        most = fmax(most, linear[u]);
    for (size_t u = 0; u < model->units; u++)
        sum += linear[u] = exp(linear[u] - most);
    for (size_t u = 0; u < model->units; u++)
        out[model->seen[u]][row] = round_bits(linear[u] / sum, MLG_SIMPLE_BITS);
}

bool mlg_simple_predict(const struct mlg_simple *model, const struct mlg_features *features,
                        double *const *out)
{
    const size_t side = model->width + 1;
    struct reading reading;
    double *linear = calloc(model->units, sizeof *linear);
    if (!linear || !reading_new(&reading, model, features)) {
        free(linear);
        return false;
    }
    for (size_t i = 0; i < features->rows; i++) {
        for (size_t u = 0; u < model->units; u++)
            linear[u] = model->coefficients[u * side + side - 1];
        for (size_t f = 0; f < features->count; f++) {
            const struct entry entry = read_cell(&reading, f, i);
            for (size_t u = 0; entry.column >= 0 && u < model->units; u++)
                linear[u] += model->coefficients[u * side + (size_t)entry.column] * entry.value;
        }
        answer(model, linear, i, out);
    }
    free(linear);
    reading_free(&reading);
    return true;
}

bool mlg_simple_spread(const struct mlg_simple *model, const struct mlg_features *features, double *spread)
{
    const size_t side = model->width + 1;
    struct reading reading;
    double *adds = calloc(features->rows + 1, sizeof *adds);
    if (!adds || !reading_new(&reading, model, features)) {
        free(adds);
        return false;
    }
    const struct mlg_simple_target even = {0};
    for (size_t f = 0; f < features->count; f++) {
        spread[f] = 0;
        for (size_t u = 0; u < model->units; u++) {
            for (size_t i = 0; i < features->rows; i++) {
                const struct entry entry = read_cell(&reading, f, i);
                adds[i] =
                    entry.column < 0 ? 0 : model->coefficients[u * side + (size_t)entry.column] * entry.value;
            }
            const struct scale scale = scale_of(adds, features->rows, &even);
            if (scale.varies)
                spread[f] = fmax(spread[f], round_bits(scale.deviation / scale.factor, MLG_SIMPLE_BITS));
        }
    }
    free(adds);
    reading_free(&reading);
    return true;
}
