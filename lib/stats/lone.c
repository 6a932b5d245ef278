/* lone: one column as numbers, bins, values or rates of its texts. */
#include "lone.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/sum.h"
#include "mlgate/table.h"

enum {
    BINS = 10,
    SHRINKS_BY = 2, /* rows of the whole that every text has besides its own */
    CODE_SIZE = 24
};

static int no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory to fit a model of one column");
}

static double weight_of(const struct mlg_simple_target *target, size_t row)
{
    return target->weights ? target->weights[row] : 1;
}

/* ---- what a model costs ---------------------------------------------------------------------------- */

/* Sums over rows of the train loss. Weights are brought to a mean of 1. */
struct loss {
    struct mlg_sum sum, weights;
    size_t rows;
};

static void add_loss(struct loss *loss, double weight, double value)
{
    mlg_sum_add_product(&loss->sum, weight, value);
    mlg_sum_add(&loss->weights, weight);
    loss->rows++;
}

static double class_loss(double probability)
{
    return -log(fmax(probability, 1e-15));
}

/* With what each coefficient costs. */
static double cost(const struct loss *loss, bool numbers, double coefficients)
{
    const double rows = (double)loss->rows, mean = mlg_sum_round(&loss->sum) / mlg_sum_round(&loss->weights);
    if (loss->rows == 0)
        return (double)INFINITY;
    return numbers ? rows / 2 * log(fmax(mean, 1e-300)) + coefficients : rows * mean + coefficients;
}

/* False: no memory. */
static bool cost_of_model(const struct mlg_simple *model, const struct mlg_features *column,
                          const struct mlg_simple_target *target, double *value)
{
    const size_t outputs = target->classes ? model->class_count : 1;
    double *all = calloc(outputs * column->rows + 1, sizeof *all), **told = calloc(outputs + 1, sizeof *told);
    struct loss loss = {0};
    bool memory = all && told;
    for (size_t k = 0; memory && k < outputs; k++)
        told[k] = all + k * column->rows;
    memory = memory && mlg_simple_predict(model, column, told);
    for (size_t i = 0; memory && i < column->rows; i++) {
        const double weight = weight_of(target, i);
        if (!(weight > 0))
            continue;
        const double off = target->classes ? 0 : told[0][i] - target->numbers[i];
        add_loss(&loss, weight, target->classes ? class_loss(told[target->classes[i]][i]) : off * off);
    }
    if (memory)
        *value = cost(&loss, !target->classes, (double)(model->units * model->width));
    free(all);
    free((void *)told);
    return memory;
}

/* ---- numbers as categories -------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    const double *one = a, *other = b;
    return (*one > *other) - (*one < *other);
}

/* The numbers that count, ascending. NULL: no memory. */
static double *sort_numbers(const struct mlg_feature *feature, size_t rows,
                            const struct mlg_simple_target *target, size_t *count)
{
    double *sorted = calloc(rows + 1, sizeof *sorted);
    *count = 0;
    for (size_t i = 0; sorted && i < rows; i++)
        if (!isnan(feature->numbers[i]) && weight_of(target, i) > 0)
            sorted[(*count)++] = feature->numbers[i] + 0.0;
    if (sorted)
        qsort(sorted, *count, sizeof *sorted, by_size);
    return sorted;
}

/* How many of `edges` do not exceed the number. */
static size_t place_of(const double *edges, size_t count, double number)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (edges[middle] <= number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Categories that are counted: "000", "001" ... NULL: no memory. */
static const char *const *count_texts(size_t count, struct mlg_arena *arena)
{
    const char **texts = MLG_NEW_ARRAY(arena, const char *, count + 1);
    for (size_t k = 0; texts && k < count; k++) {
        char text[CODE_SIZE];
        snprintf(text, sizeof text, "%03zu", k);
        texts[k] = mlg_arena_copy(arena, text, strlen(text));
        if (!texts[k])
            return NULL;
    }
    return texts;
}

/* Numbers as the places between `edges`, or (`exact`) as the edge that they are, all others as one more. */
static bool categorise(const struct mlg_feature *feature, size_t rows, const double *edges, size_t count,
                       bool exact, const char *const *texts, struct mlg_arena *arena, struct mlg_feature *out)
{
    uint32_t *codes = MLG_NEW_ARRAY(arena, uint32_t, rows + 1);
    for (size_t i = 0; codes && i < rows; i++) {
        const double number = feature->numbers[i];
        const size_t place = isnan(number) ? 0 : place_of(edges, count, number);
        codes[i] = isnan(number)                               ? MLG_CODE_MISSING
                   : !exact                                    ? (uint32_t)place
                   : place > 0 && !(edges[place - 1] < number) ? (uint32_t)place - 1
                                                               : (uint32_t)count;
    }
    *out =
        (struct mlg_feature){.name = feature->name, .codes = codes, .texts = texts, .text_count = count + 1};
    return codes != NULL;
}

/* ---- rates ------------------------------------------------------------------------------------------ */

/* What rows of a text have for a label, shrunk towards what all have. */
static double rate(double sum, double weight, double all)
{
    return (sum + SHRINKS_BY * all) / (weight + SHRINKS_BY);
}

/* So that the order in which rows were added leaves no trace. */
static double rounded(double value)
{
    int exponent;
    const double fraction = frexp(value, &exponent);
    return ldexp(rint(ldexp(fraction, MLG_SIMPLE_BITS)), exponent - MLG_SIMPLE_BITS);
}

/* Rates of every text, and what the other rows of its text tell of each row. False: no memory. */
static bool fit_rates(const struct mlg_feature *train, size_t rows, const struct mlg_simple_target *target,
                      struct mlg_arena *arena, struct mlg_lone *lone, double *value)
{
    const size_t outputs = lone->outputs, codes = train->text_count + 1; /* missing ones are a text too */
    double *sums = calloc(codes * outputs + 1, sizeof *sums), *weights = calloc(codes + 1, sizeof *weights);
    double *all = calloc(outputs + 1, sizeof *all), total = 0;
    struct loss loss = {0};
    lone->rates = MLG_NEW_ARRAY(arena, double, codes *outputs);
    const bool memory = sums && weights && all && lone->rates;
    for (unsigned pass = 0; memory && pass < 2; pass++) {
        for (size_t k = 0; pass == 1 && k < outputs; k++)
            all[k] /= total;
        for (size_t i = 0; i < rows; i++) {
            const double weight = weight_of(target, i);
            const size_t code = train->codes[i] < train->text_count ? train->codes[i] : train->text_count;
            const size_t output = target->classes ? target->classes[i] : 0;
            const double label = target->classes ? 1 : target->numbers[i];
            if (!(weight > 0))
                continue;
            if (pass == 0) {
                sums[code * outputs + output] += weight * label;
                weights[code] += weight;
                all[output] += weight * label;
                total += weight;
                continue;
            }
            const double told =
                rate(sums[code * outputs + output] - weight * label, weights[code] - weight, all[output]);
            const double off = told - label;
            add_loss(&loss, weight, target->classes ? class_loss(told) : off * off);
        }
    }
    for (size_t c = 0; memory && c < codes; c++)
        for (size_t k = 0; k < outputs; k++)
            lone->rates[c * outputs + k] = rounded(rate(sums[c * outputs + k], weights[c], all[k]));
    if (memory)
        *value = cost(&loss, !target->classes, 0);
    free(sums);
    free(weights);
    free(all);
    return memory;
}

/* ---- the best of them -------------------------------------------------------------------------------- */

struct trial {
    const struct mlg_simple_target *target;
    const struct mlg_dense *dense;
    struct mlg_arena *arena;
    size_t train_rows, held_out_rows;
    double best;
};

/* Takes the model of these columns where it is better than what was taken before. */
static int try_model(struct trial *trial, enum mlg_lone_kind kind, const struct mlg_feature *train,
                     const struct mlg_feature *held_out, struct mlg_lone *lone, struct mlg_error *error)
{
    const struct mlg_features column = {trial->train_rows, 1, train};
    struct mlg_simple model;
    double value = (double)INFINITY;
    const int code = mlg_simple_fit(&column, trial->target, trial->dense, trial->arena, &model, error);
    if (code != MLG_OK)
        return code;
    if (!model.undefined && !cost_of_model(&model, &column, trial->target, &value))
        return no_memory(error);
    if (kind != MLG_LONE_PLAIN && !(value < trial->best - 1e-9 * fabs(trial->best)))
        return MLG_OK;
    trial->best = value;
    lone->kind = kind;
    lone->model = model;
    lone->held_out = *held_out;
    return MLG_OK;
}

static int try_categories(struct trial *trial, const struct mlg_feature *train,
                          const struct mlg_feature *held_out, const double *edges, size_t count, bool exact,
                          struct mlg_lone *lone, struct mlg_error *error)
{
    struct mlg_feature its_train, its_held_out;
    const char *const *texts = count_texts(count + 1, trial->arena);
    if (!texts ||
        !categorise(train, trial->train_rows, edges, count, exact, texts, trial->arena, &its_train) ||
        !categorise(held_out, trial->held_out_rows, edges, count, exact, texts, trial->arena, &its_held_out))
        return no_memory(error);
    return try_model(trial, exact ? MLG_LONE_VALUES : MLG_LONE_BINS, &its_train, &its_held_out, lone, error);
}

static int try_numbers(struct trial *trial, const struct mlg_feature *train,
                       const struct mlg_feature *held_out, struct mlg_lone *lone, struct mlg_error *error)
{
    size_t count, different = 0, edge_count = 0;
    double values[MLG_SIMPLE_CATEGORIES + 1], edges[BINS];
    double *sorted = sort_numbers(train, trial->train_rows, trial->target, &count);
    int code = MLG_OK;
    if (!sorted)
        return no_memory(error);
    for (size_t i = 0; i < count && different <= MLG_SIMPLE_CATEGORIES; i++)
        if (i == 0 || sorted[i] > sorted[i - 1])
            values[different++] = sorted[i];
    for (size_t k = 1; k < BINS && different > BINS; k++) {
        const double edge = sorted[k * count / BINS];
        if (edge > sorted[0] && (edge_count == 0 || edge > edges[edge_count - 1]))
            edges[edge_count++] = edge;
    }
    free(sorted);
    if (edge_count > 0)
        code = try_categories(trial, train, held_out, edges, edge_count, false, lone, error);
    if (code == MLG_OK && different > 2 && different <= MLG_SIMPLE_CATEGORIES)
        code = try_categories(trial, train, held_out, values, different, true, lone, error);
    return code;
}

int mlg_lone_fit(const struct mlg_feature *train, size_t train_rows, const struct mlg_feature *held_out,
                 size_t held_out_rows, const struct mlg_simple_target *target, const struct mlg_dense *dense,
                 struct mlg_arena *arena, struct mlg_lone *lone, struct mlg_error *error)
{
    struct trial trial = {.target = target,
                          .dense = dense,
                          .arena = arena,
                          .train_rows = train_rows,
                          .held_out_rows = held_out_rows};
    *lone = (struct mlg_lone){.outputs = target->classes ? target->class_count : 1};
    int code = try_model(&trial, MLG_LONE_PLAIN, train, held_out, lone, error);
    if (code != MLG_OK || lone->model.undefined)
        return code;
    if (train->is_numeric)
        return try_numbers(&trial, train, held_out, lone, error);
    if (train->text_count <= MLG_SIMPLE_CATEGORIES)
        return MLG_OK;
    double value;
    if (!fit_rates(train, train_rows, target, arena, lone, &value))
        return no_memory(error);
    if (value < trial.best)
        lone->kind = MLG_LONE_RATES;
    else
        lone->rates = NULL;
    return MLG_OK;
}

bool mlg_lone_copy(const struct mlg_lone *lone, size_t held_out_rows, struct mlg_arena *arena,
                   struct mlg_lone *copy)
{
    *copy = *lone;
    if (!mlg_simple_copy(&lone->model, arena, &copy->model))
        return false;
    if (lone->kind == MLG_LONE_RATES) {
        const size_t count = (lone->held_out.text_count + 1) * lone->outputs;
        copy->rates = MLG_NEW_ARRAY(arena, double, count);
        if (copy->rates)
            memcpy(copy->rates, lone->rates, count * sizeof *copy->rates);
        return copy->rates != NULL;
    }
    if (lone->kind == MLG_LONE_PLAIN)
        return true;
    uint32_t *codes = MLG_NEW_ARRAY(arena, uint32_t, held_out_rows + 1);
    copy->held_out.texts = count_texts(lone->held_out.text_count, arena);
    copy->held_out.codes = codes;
    if (!codes || !copy->held_out.texts)
        return false;
    memcpy(codes, lone->held_out.codes, held_out_rows * sizeof *codes);
    return true;
}

bool mlg_lone_predict(const struct mlg_lone *lone, size_t held_out_rows, double *const *out)
{
    const struct mlg_feature *column = &lone->held_out;
    const struct mlg_features own = {held_out_rows, 1, column};
    if (lone->kind != MLG_LONE_RATES)
        return mlg_simple_predict(&lone->model, &own, out);
    for (size_t i = 0; i < held_out_rows; i++) {
        const size_t code = column->codes[i] < column->text_count ? column->codes[i] : column->text_count;
        for (size_t k = 0; k < lone->outputs; k++)
            out[k][i] = lone->rates[code * lone->outputs + k];
    }
    return true;
}

const char *mlg_lone_text(const struct mlg_lone *lone)
{
    static const char *const texts[] = {[MLG_LONE_PLAIN] = "",
                                        [MLG_LONE_BINS] = ", in ten bins",
                                        [MLG_LONE_VALUES] = ", each value by itself",
                                        [MLG_LONE_RATES] = ", by the labels of each text"};
    return texts[lone->kind];
}
