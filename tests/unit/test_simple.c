/* Simple models against scikit-learn (tests/oracles/simple.py), and where there is nothing to fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/stats/simple.h"
#include "mlgate/table.h"

#ifndef MLG_SOURCE_DIR
#define MLG_SOURCE_DIR "."
#endif

/* ---- the oracle's rows ----------------------------------------------------------------------------- */

enum { ROWS = 300, COLUMNS = 6, TEXTS = 100, TEXT_SIZE = 16 };

struct table {
    double numbers[COLUMNS][ROWS];
    uint32_t codes[COLUMNS][ROWS];
    char room[COLUMNS][TEXTS][TEXT_SIZE];
    const char *texts[COLUMNS][TEXTS];
    size_t text_counts[COLUMNS];
    uint16_t two[ROWS], three[ROWS];
    double number[ROWS], weight[ROWS];
    struct mlg_feature items[COLUMNS];
    struct mlg_features features;
};

static const bool is_numeric[COLUMNS] = {true, true, false, false, false, true};

static uint32_t code_of(struct table *table, size_t column, const char *text)
{
    size_t k = 0;
    if (strcmp(text, "-") == 0)
        return MLG_CODE_MISSING;
    while (k < table->text_counts[column] && strcmp(table->texts[column][k], text) != 0)
        k++;
    assert_true(k < TEXTS);
    if (k == table->text_counts[column]) {
        strcpy(table->room[column][k], text);
        table->texts[column][k] = table->room[column][k];
        table->text_counts[column]++;
    }
    return (uint32_t)k;
}

static void finish_table(struct table *table, size_t rows)
{
    for (size_t c = 0; c < COLUMNS; c++)
        table->items[c] = (struct mlg_feature){.name = "column",
                                               .is_numeric = is_numeric[c],
                                               .numbers = table->numbers[c],
                                               .codes = table->codes[c],
                                               .texts = table->texts[c],
                                               .text_count = table->text_counts[c]};
    table->features = (struct mlg_features){rows, COLUMNS, table->items};
}

static void read_table(FILE *file, struct table *table, bool answers)
{
    size_t rows;
    memset(table, 0, sizeof *table);
    assert_int_equal(fscanf(file, " rows %zu", &rows), 1);
    assert_true(rows <= ROWS);
    for (size_t i = 0; i < rows; i++) {
        for (size_t c = 0; c < COLUMNS; c++) {
            char cell[64];
            assert_int_equal(fscanf(file, " %63s", cell), 1);
            if (is_numeric[c])
                table->numbers[c][i] = strtod(cell, NULL);
            else
                table->codes[c][i] = code_of(table, c, cell);
        }
        if (answers)
            assert_int_equal(fscanf(file, " %hu %hu %lf %lf", &table->two[i], &table->three[i],
                                    &table->number[i], &table->weight[i]),
                             4);
    }
    finish_table(table, rows);
}

static void assert_near(double value, double expected, double scale)
{
    if (!(fabs(value - expected) <= 1e-8 * scale))
        fail_msg("%.17g, and scikit-learn has %.17g", value, expected);
}

/* What a case expects, and the answers that a model gives. */
struct expected {
    size_t units, width, outputs;
    double coefficients[3][64], answers[ROWS][3];
};

static void read_expected(FILE *file, size_t rows, struct expected *e)
{
    assert_true(e->units <= 3 && e->width < 64 && e->outputs <= 3);
    for (size_t u = 0; u < e->units; u++)
        for (size_t j = 0; j <= e->width; j++)
            assert_int_equal(fscanf(file, " %lf", &e->coefficients[u][j]), 1);
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < e->outputs; k++)
            assert_int_equal(fscanf(file, " %lf", &e->answers[i][k]), 1);
}

static struct mlg_simple_target target_of(const struct table *table, const char *kind, bool weighted)
{
    struct mlg_simple_target target = {.weights = weighted ? table->weight : NULL};
    if (strcmp(kind, "number") == 0)
        target.numbers = table->number;
    else
        target.classes = strcmp(kind, "two") == 0 ? table->two : table->three;
    target.class_count = strcmp(kind, "two") == 0 ? 2 : 3;
    return target;
}

static void compare_with(const struct mlg_dense *dense, const struct table *train,
                         const struct table *held_out, const struct mlg_simple_target *target,
                         const struct expected *e)
{
    static double room[3][ROWS];
    double *out[3] = {room[0], room[1], room[2]};
    struct mlg_arena arena;
    struct mlg_simple model;
    struct mlg_error error;
    const bool numbers = target->classes == NULL;
    mlg_arena_init(&arena, 0);
    assert_int_equal(mlg_simple_fit(&train->features, target, dense, &arena, &model, &error), MLG_OK);
    assert_null(model.undefined);
    assert_int_equal(model.units, e->units);
    assert_int_equal(model.width, e->width);
    assert_true(model.steps < 12);
    for (size_t u = 0; u < e->units; u++)
        for (size_t j = 0; j <= e->width; j++)
            assert_near(model.coefficients[u * (e->width + 1) + j], e->coefficients[u][j], numbers ? 10 : 1);
    assert_true(mlg_simple_predict(&model, &held_out->features, out));
    for (size_t i = 0; i < held_out->features.rows; i++)
        for (size_t k = 0; k < e->outputs; k++)
            assert_near(out[k][i], e->answers[i][k], numbers ? 500 : 1);
    mlg_arena_free(&arena);
}

static void coefficients_and_answers_are_those_of_scikit_learn(void **state)
{
    static struct table train, held_out;
    static struct expected e;
    struct mlg_dense blas, plain = mlg_dense_plain();
    struct mlg_error error;
    FILE *file = fopen(MLG_SOURCE_DIR "/tests/oracles/simple.txt", "r");
    char kind[16];
    int weighted, cases = 0;
    (void)state;
    assert_non_null(file);
    assert_int_equal(mlg_dense_open(&blas, &error), MLG_OK);
    read_table(file, &train, true);
    read_table(file, &held_out, false);
    while (fscanf(file, " case %15s %d %zu %zu %zu", kind, &weighted, &e.units, &e.width, &e.outputs) == 5) {
        const struct mlg_simple_target target = target_of(&train, kind, weighted);
        read_expected(file, held_out.features.rows, &e);
        compare_with(&blas, &train, &held_out, &target, &e);
        compare_with(&plain, &train, &held_out, &target, &e);
        cases++;
    }
    assert_int_equal(cases, 6);
    mlg_dense_close(&blas);
    fclose(file);
}

/* ---- order ------------------------------------------------------------------------------------------ */

/* The rows from the last to the first, and their texts coded the other way round. */
static void reverse(const struct table *from, struct table *to)
{
    const size_t rows = from->features.rows;
    memcpy(to, from, sizeof *to);
    for (size_t c = 0; c < COLUMNS; c++) {
        const size_t texts = from->text_counts[c];
        for (size_t k = 0; k < texts; k++)
            to->texts[c][k] = from->texts[c][texts - 1 - k];
        for (size_t i = 0; i < rows; i++) {
            const uint32_t code = from->codes[c][rows - 1 - i];
            to->numbers[c][i] = from->numbers[c][rows - 1 - i];
            to->codes[c][i] = code == MLG_CODE_MISSING ? code : (uint32_t)texts - 1 - code;
        }
    }
    for (size_t i = 0; i < rows; i++) {
        to->three[i] = from->three[rows - 1 - i];
        to->weight[i] = from->weight[rows - 1 - i];
    }
    finish_table(to, rows);
}

static void the_order_of_rows_and_of_codes_leaves_no_bit(void **state)
{
    static struct table train, reversed;
    static double room[2][3][ROWS];
    struct mlg_dense blas;
    struct mlg_error error;
    struct mlg_arena arena;
    struct mlg_simple one, other;
    FILE *file = fopen(MLG_SOURCE_DIR "/tests/oracles/simple.txt", "r");
    (void)state;
    assert_non_null(file);
    read_table(file, &train, true);
    fclose(file);
    reverse(&train, &reversed);
    mlg_arena_init(&arena, 0);
    assert_int_equal(mlg_dense_open(&blas, &error), MLG_OK);
    const struct mlg_simple_target first = target_of(&train, "three", true);
    const struct mlg_simple_target second = target_of(&reversed, "three", true);
    assert_int_equal(mlg_simple_fit(&train.features, &first, &blas, &arena, &one, &error), MLG_OK);
    assert_int_equal(mlg_simple_fit(&reversed.features, &second, &blas, &arena, &other, &error), MLG_OK);
    assert_int_equal(one.units * (one.width + 1), other.units * (other.width + 1));
    assert_memory_equal(one.coefficients, other.coefficients, one.units * (one.width + 1) * sizeof(double));
    double *mine[3] = {room[0][0], room[0][1], room[0][2]}, *its[3] = {room[1][0], room[1][1], room[1][2]};
    assert_true(mlg_simple_predict(&one, &train.features, mine));
    assert_true(mlg_simple_predict(&one, &reversed.features, its));
    for (size_t i = 0; i < train.features.rows; i++)
        for (size_t k = 0; k < 3; k++)
            assert_memory_equal(&mine[k][i], &its[k][train.features.rows - 1 - i], sizeof(double));
    mlg_dense_close(&blas);
    mlg_arena_free(&arena);
}

/* ---- many columns, and rows that are alike --------------------------------------------------------- */

enum { BROAD = 40 };

/* At the optimum the residuals, summed by a column as the design has it, are the opposite of its coefficient:
 * whatever way the sums of squares were made. */
static void the_gradient_of_many_columns_of_numbers_vanishes(void **state)
{
    static double numbers[BROAD][ROWS], low[ROWS], high[ROWS];
    static struct mlg_feature items[BROAD];
    static uint16_t label[ROWS];
    double *out[2] = {low, high};
    const struct mlg_features features = {ROWS, BROAD, items};
    const struct mlg_simple_target target = {.classes = label, .class_count = 2};
    struct mlg_dense dense[2] = {mlg_dense_plain()};
    struct mlg_arena arena;
    struct mlg_error error;
    uint64_t random = 1;
    (void)state;
    assert_int_equal(mlg_dense_open(&dense[1], &error), MLG_OK);
    for (size_t c = 0; c < BROAD; c++) {
        items[c] = (struct mlg_feature){.name = "column", .is_numeric = true, .numbers = numbers[c]};
        for (size_t i = 0; i < ROWS; i++) {
            random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            numbers[c][i] = (double)(random >> 40) / (double)(1 << 24);
            label[i] = c > 0 ? label[i] : (uint16_t)(random >> 63);
        }
    }
    for (int d = 0; d < 2; d++) {
        struct mlg_simple model;
        mlg_arena_init(&arena, 0);
        assert_int_equal(mlg_simple_fit(&features, &target, &dense[d], &arena, &model, &error), MLG_OK);
        assert_null(model.undefined);
        assert_true(mlg_simple_predict(&model, &features, out));
        for (size_t c = 0; c < BROAD; c++) {
            double gradient = model.coefficients[c];
            for (size_t i = 0; i < ROWS; i++)
                gradient += (high[i] - label[i]) *
                            (numbers[c][i] - model.columns[c].mean / model.columns[c].factor) *
                            model.columns[c].factor / model.columns[c].deviation;
            assert_true(fabs(gradient) < 1e-8);
        }
        mlg_arena_free(&arena);
    }
    mlg_dense_close(&dense[1]);
}

/* Rows that are there three times are as rows of weight 3. */
static void equal_rows_count_as_often(void **state)
{
    enum { HERE = 20, TIMES = 3 };
    static double numbers[HERE * TIMES], weights[HERE * TIMES];
    static uint16_t label[HERE * TIMES];
    const struct mlg_feature column = {.name = "column", .is_numeric = true, .numbers = numbers};
    const struct mlg_dense plain = mlg_dense_plain();
    struct mlg_arena arena;
    struct mlg_simple often, heavy;
    (void)state;
    for (size_t i = 0; i < (size_t)HERE * TIMES; i++) {
        numbers[i] = (double)(i % HERE % 7);
        label[i] = i % HERE % 3 == 0;
        weights[i] = TIMES;
    }
    mlg_arena_init(&arena, 0);
    const struct mlg_simple_target all = {.classes = label, .class_count = 2},
                                   weighted = {.classes = label, .class_count = 2, .weights = weights};
    const struct mlg_features long_table = {(size_t)HERE * TIMES, 1, &column},
                              short_table = {HERE, 1, &column};
    assert_int_equal(mlg_simple_fit(&long_table, &all, &plain, &arena, &often, NULL), MLG_OK);
    assert_int_equal(mlg_simple_fit(&short_table, &weighted, &plain, &arena, &heavy, NULL), MLG_OK);
    for (size_t j = 0; j < 2; j++)
        assert_near(often.coefficients[j], heavy.coefficients[j], 1e-3);
    mlg_arena_free(&arena);
}

/* ---- edges ------------------------------------------------------------------------------------------ */

struct edge {
    const char *sentence;
    double a[4], b[4]; /* two columns of numbers */
    uint16_t label[4];
    double number[4];
    bool numbers;
    size_t rows;
    const char *undefined; /* or NULL, and then */
    double told[4];        /* the probability of class 1, or the number */
    double within;
};

static const struct edge edges[] = {
    {"separable classes have finite coefficients: scikit-learn 1.9.1 lbfgs",
     {1, 2, 3, 4},
     {0, 0, 0, 0},
     {0, 0, 1, 1},
     {0},
     false,
     4,
     NULL,
     {0.21983864, 0.39598988, 0.60401012, 0.78016136},
     1e-7},
    {"columns that say the same share their weight: scikit-learn 1.9.1 lbfgs",
     {1, 2, 3, 4},
     {2, 4, 6, 8},
     {0, 1, 0, 1},
     {0},
     false,
     4,
     NULL,
     {0.30432227, 0.43153288, 0.56846712, 0.69567773},
     1e-7},
    {"numbers up to 1e300 are numbers",
     {1e300, -1e300, 1e300, -1e300},
     {0, 0, 0, 0},
     {0},
     {2e300, -2e300, 2e300, -2e300},
     true,
     4,
     NULL,
     {1.6e300, -1.6e300, 1.6e300, -1.6e300},
     1e290},
    {"numbers of 1e-300 vary as others do",
     {1e-300, 2e-300, 3e-300, 4e-300},
     {0, 0, 0, 0},
     {0, 0, 1, 1},
     {0},
     false,
     4,
     NULL,
     {0.21983864, 0.39598988, 0.60401012, 0.78016136},
     1e-7},
    {"a target that does not vary is told",
     {1, 2, 3, 4},
     {0, 0, 0, 0},
     {0},
     {7, 7, 7, 7},
     true,
     4,
     NULL,
     {7, 7, 7, 7},
     1e-9},
    {"one class has nothing to tell apart",
     {1, 2, 3, 4},
     {0, 0, 0, 0},
     {1, 1, 1, 1},
     {0},
     false,
     4,
     "all rows that a simple model is fitted on have the same label",
     {0},
     0},
    {"columns that do not vary tell nothing",
     {5, 5, 5, 5},
     {0, 0, 0, 0},
     {0, 1, 0, 1},
     {0},
     false,
     4,
     "no column varies in the rows that a simple model is fitted on",
     {0},
     0},
    {"columns without a value tell nothing",
     {NAN, NAN, NAN, NAN},
     {0, 0, 0, 0},
     {0, 1, 0, 1},
     {0},
     false,
     4,
     "no column varies in the rows that a simple model is fitted on",
     {0},
     0},
    {"one row tells nothing",
     {5},
     {0},
     {0},
     {3},
     true,
     1,
     "no column varies in the rows that a simple model is fitted on",
     {0},
     0},
    {"no row tells nothing",
     {0},
     {0},
     {0},
     {0},
     true,
     0,
     "there are no rows to fit a simple model on",
     {0},
     0},
};

static void edges_are_what_they_say(void **state)
{
    struct mlg_dense plain = mlg_dense_plain(), blas;
    struct mlg_error error;
    (void)state;
    assert_int_equal(mlg_dense_open(&blas, &error), MLG_OK);
    for (size_t e = 0; e < 2 * (sizeof edges / sizeof *edges); e++) {
        const struct edge *edge = &edges[e / 2];
        const struct mlg_feature items[] = {{.name = "a", .is_numeric = true, .numbers = edge->a},
                                            {.name = "b", .is_numeric = true, .numbers = edge->b}};
        const struct mlg_features features = {edge->rows, 2, items};
        const struct mlg_simple_target target = {
            .classes = edge->numbers ? NULL : edge->label, .class_count = 2, .numbers = edge->number};
        struct mlg_arena arena;
        struct mlg_simple model;
        double room[2][4], *out[2] = {room[0], room[1]};
        mlg_arena_init(&arena, 0);
        if (mlg_simple_fit(&features, &target, e % 2 ? &plain : &blas, &arena, &model, &error))
            fail_msg("%s: %s", edge->sentence, error.text);
        if (edge->undefined || model.undefined) {
            if (!model.undefined || !edge->undefined || strcmp(model.undefined, edge->undefined) != 0)
                fail_msg("%s: %s", edge->sentence, model.undefined ? model.undefined : "defined");
        } else {
            assert_true(mlg_simple_predict(&model, &features, out));
            for (size_t i = 0; i < edge->rows; i++)
                if (!(fabs(room[edge->numbers ? 0 : 1][i] - edge->told[i]) <= edge->within))
                    fail_msg("%s: row %zu is %.9g", edge->sentence, i, room[edge->numbers ? 0 : 1][i]);
        }
        mlg_arena_free(&arena);
    }
    mlg_dense_close(&blas);
}

static void a_class_without_rows_has_no_probability(void **state)
{
    const double a[] = {1, 2, 3, 4};
    const uint16_t label[] = {0, 2, 2, 0};
    const struct mlg_feature item = {.name = "a", .is_numeric = true, .numbers = a};
    const struct mlg_features features = {4, 1, &item};
    const struct mlg_simple_target target = {.classes = label, .class_count = 3};
    const struct mlg_dense plain = mlg_dense_plain();
    struct mlg_arena arena;
    struct mlg_simple model;
    double room[3][4], *out[3] = {room[0], room[1], room[2]};
    (void)state;
    mlg_arena_init(&arena, 0);
    assert_int_equal(mlg_simple_fit(&features, &target, &plain, &arena, &model, NULL), MLG_OK);
    assert_true(mlg_simple_predict(&model, &features, out));
    for (size_t i = 0; i < 4; i++) {
        assert_true(room[1][i] == 0);
        assert_true(fabs(room[0][i] + room[2][i] - 1) < 1e-11);
    }
    mlg_arena_free(&arena);
}

static void what_is_far_out_has_an_answer(void **state)
{
    const double a[] = {1, 2, 3, 4}, far[] = {1e308, -1e308, NAN, 2.5};
    const uint16_t label[] = {0, 0, 1, 1};
    const struct mlg_feature items[] = {{.name = "a", .is_numeric = true, .numbers = a},
                                        {.name = "a", .is_numeric = true, .numbers = far}};
    const struct mlg_features features = {4, 1, &items[0]}, others = {4, 1, &items[1]};
    const struct mlg_simple_target target = {.classes = label, .class_count = 2};
    const struct mlg_dense plain = mlg_dense_plain();
    struct mlg_arena arena;
    struct mlg_simple model;
    double room[2][4], *out[2] = {room[0], room[1]};
    (void)state;
    mlg_arena_init(&arena, 0);
    assert_int_equal(mlg_simple_fit(&features, &target, &plain, &arena, &model, NULL), MLG_OK);
    assert_true(mlg_simple_predict(&model, &others, out));
    assert_true(room[1][0] == 1 && room[1][1] == 0);
    assert_true(room[1][2] == room[1][3]); /* a missing number is the mean */
    mlg_arena_free(&arena);
}

static void a_model_of_too_many_columns_is_refused(void **state)
{
    enum { MANY = MLG_SIMPLE_COEFFICIENTS };
    static const double a[] = {1, 2};
    static struct mlg_feature items[MANY];
    const uint16_t label[] = {0, 1};
    const struct mlg_features features = {2, MANY, items};
    const struct mlg_simple_target target = {.classes = label, .class_count = 2};
    const struct mlg_dense plain = mlg_dense_plain();
    struct mlg_arena arena;
    struct mlg_simple model;
    struct mlg_error error;
    (void)state;
    for (size_t f = 0; f < MANY; f++)
        items[f] = (struct mlg_feature){.name = "a", .is_numeric = true, .numbers = a};
    mlg_arena_init(&arena, 0);
    assert_int_equal(mlg_simple_fit(&features, &target, &plain, &arena, &model, &error), MLG_LIMIT);
    assert_string_equal(error.text,
                        "a simple model of 3000 columns has 3001 coefficients, and 3000 is the most; "
                        "name fewer columns with 'features'");
    mlg_arena_free(&arena);
}

static void the_column_that_moves_the_answers_spreads_most(void **state)
{
    const double a[] = {1, 2, 3, 4, 5, 6}, b[] = {1, -1, 1, 1, -1, 1};
    const double number[] = {10, 20, 30, 40, 50, 60};
    const struct mlg_feature items[] = {{.name = "b", .is_numeric = true, .numbers = b},
                                        {.name = "a", .is_numeric = true, .numbers = a}};
    const struct mlg_features features = {6, 2, items};
    const struct mlg_simple_target target = {.numbers = number};
    const struct mlg_dense plain = mlg_dense_plain();
    struct mlg_arena arena;
    struct mlg_simple model;
    double spread[2];
    (void)state;
    mlg_arena_init(&arena, 0);
    assert_int_equal(mlg_simple_fit(&features, &target, &plain, &arena, &model, NULL), MLG_OK);
    assert_true(mlg_simple_spread(&model, &features, spread));
    assert_true(spread[0] < 1e-9);
    assert_true(fabs(spread[1] - fabs(model.coefficients[1])) < 1e-9); /* a standardised column's is 1 */
    assert_true(spread[1] > 10);
    mlg_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(coefficients_and_answers_are_those_of_scikit_learn),
        cmocka_unit_test(the_order_of_rows_and_of_codes_leaves_no_bit),
        cmocka_unit_test(the_gradient_of_many_columns_of_numbers_vanishes),
        cmocka_unit_test(equal_rows_count_as_often),
        cmocka_unit_test(edges_are_what_they_say),
        cmocka_unit_test(a_class_without_rows_has_no_probability),
        cmocka_unit_test(what_is_far_out_has_an_answer),
        cmocka_unit_test(a_model_of_too_many_columns_is_refused),
        cmocka_unit_test(the_column_that_moves_the_answers_spreads_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
