/* Metrics that rest on the order of numbers: values, ranks of the median's bounds, what is undefined. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expected_rows.h"
#include "measure.h"
#include "named_rows.h"

#define DATA .name = "test", .path = "t.csv", .threshold = 0.5, .label = "y", .prediction = "f"

static const struct mlg_data numbers = {DATA};
static const struct mlg_data weighted = {DATA, .weight = "w"};
static const struct mlg_data clustered = {DATA, .cluster = "c"};

/* ---- values ------------------------------------------------------------------------------------- */

struct value_row {
    const char *name;
    const struct mlg_data *data;
    const char *check, *table;
    double value;
    enum mlg_method method;
    const char *note;
};

#define MEDIAN "median_absolute_error"

static const struct value_row value_rows[] = {
    {"the median of four errors is the mean of the middle two", &numbers, MEDIAN,
     "y,f\n0,1\n0,-2\n0,4\n0,8\n", 3, MLG_METHOD_ORDER, "5 rows at 95 %"},
    {"the median of five errors is the third, in any order", &numbers, MEDIAN,
     "y,f\n0,8\n0,1\n0,4\n0,2\n0,100\n", 4, MLG_METHOD_ORDER, "7 at 99 %"},
    {"one row has a median", &numbers, MEDIAN, "y,f\n1,3\n", 2, MLG_METHOD_ORDER, "5 rows"},
    {"a half that ends between two errors takes their mean", &weighted, MEDIAN,
     "y,f,w\n0,1,1\n0,2,2\n0,4,3\n", 3, MLG_METHOD_NONE, "no interval is known for a median with weights"},
    {"decimal weights that add up to a half do so", &weighted, MEDIAN, "y,f,w\n0,1,.1\n0,2,.2\n0,4,.3\n", 3,
     MLG_METHOD_NONE, "with weights"},
    {"a heavy error is the median", &weighted, MEDIAN, "y,f,w\n0,1,1\n0,2,1\n0,4,3\n", 4, MLG_METHOD_NONE,
     "with weights"},
    {"an error of weight 0 between the middle two is not there", &weighted, MEDIAN,
     "y,f,w\n0,1,1\n0,2,0\n0,4,1\n", 2.5, MLG_METHOD_NONE, "with weights"},
    {"a median in clusters has no interval", &clustered, MEDIAN, "y,f,c\n0,1,a\n0,2,b\n0,4,c\n", 2,
     MLG_METHOD_NONE, "no interval is known for a median in clusters or pairs"},
    {"the largest error may lie below the label", &numbers, "max_error", "y,f\n0,1\n5,-2\n", 7,
     MLG_METHOD_NONE, "no interval is known for the largest error"},
    {"rows of weight 0 have no largest error", &weighted, "max_error", "y,f,w\n0,1,.5\n5,-2,0\n", 1,
     MLG_METHOD_NONE, "no interval"},
    {"d2 of the median label is 0", &numbers, "d2_absolute_error", "y,f\n1,2\n2,2\n9,2\n", 0, MLG_METHOD_NONE,
     "no interval is known for d2_absolute_error"},
    {"d2 of perfect predictions is 1", &clustered, "d2_pinball(alpha=0.9)", "y,f,c\n1,1,a\n2,2,b\n9,9,c\n", 1,
     MLG_METHOD_NONE, "no interval is known for d2_pinball"},
    {"d2 below the median label is negative (scikit-learn: -4/7)", &numbers, "d2_pinball",
     "y,f\n1,3\n2,2\n8,-1\n", -4. / 7, MLG_METHOD_NONE, "no interval"},
    {"the best constant has a d2 of 0", &numbers, "constant_score(d2_absolute_error)", "y,f\n1,7\n2,2\n9,2\n",
     0, MLG_METHOD_NONE, "always answering with the quantile of the labels"},
    {"scikit-learn's names are known", &numbers, "d2_absolute_error_score", "y,f\n1,2\n2,2\n9,2\n", 0,
     MLG_METHOD_NONE, "no interval"},
};

static void test_value(void **state)
{
    const struct value_row *row = *state;
    struct measure measure;
    measure_begin(&measure, row->data);
    world_memory_text(&measure.world, "t.csv", row->table);
    if (measure_check(&measure, row->check) != MLG_OK)
        fail_msg("%s", measure.error.text);
    assert_string_equal(measure.evidence.reason, "");
    if (!(fabs(measure.evidence.value - row->value) <= 1e-15 * fabs(row->value)))
        fail_msg("the value is %.17g", measure.evidence.value);
    assert_int_equal(measure.evidence.method, row->method);
    assert_int_equal(measure.evidence.kind, row->method == MLG_METHOD_NONE ? MLG_VALUE_ONLY : MLG_BOUNDS);
    if (!strstr(measure.evidence.note, row->note))
        fail_msg("the note is '%s'", measure.evidence.note);
    measure_end(&measure);
}

/* ---- undefined ------------------------------------------------------------------------------------ */

struct undefined_row {
    const char *name;
    const struct mlg_data *data;
    const char *check, *table, *reason;
};

static const struct undefined_row undefined_rows[] = {
    {"d2 of constant labels is undefined, not 0 or 1", &numbers, "d2_absolute_error",
     "y,f\n0.1,1\n0.1,2\n0.1,2\n", "all 3 labels are the same number"},
    {"d2 of labels that are constant but for weight 0 is undefined", &weighted, "d2_pinball(0.9)",
     "y,f,w\n0.1,1,.3\n0.1,2,.7\n5,2,0\n", "all 2 labels are the same number"},
    {"d2 of one row is undefined", &numbers, "d2_pinball(0.1)", "y,f\n3,1\n", "one row alone has no spread"},
    {"the best constant of constant labels is undefined", &numbers, "constant_score(d2_pinball)",
     "y,f\n3,1\n3,2\n", "all 2 labels are the same number"},
    {"an error beyond the doubles is no largest error", &numbers, "max_error", "y,f\n1e308,-1e308\n0,1\n",
     "the numbers are too large to be subtracted"},
    {"a median beyond the doubles is none", &numbers, MEDIAN, "y,f\n1e308,-1e308\n",
     "the numbers are too large to be subtracted"},
    {"losses beyond the doubles are not added up", &numbers, "d2_absolute_error",
     "y,f\n1.7e308,-1.7e308\n1,2\n", "the numbers are too large to be added up"},
};

static void test_undefined(void **state)
{
    const struct undefined_row *row = *state;
    struct measure measure;
    measure_begin(&measure, row->data);
    world_memory_text(&measure.world, "t.csv", row->table);
    if (measure_check(&measure, row->check) != MLG_OK)
        fail_msg("%s", measure.error.text);
    assert_string_equal(measure.evidence.reason, row->reason);
    assert_int_equal(measure.evidence.kind, MLG_UNDEFINED);
    assert_true(isnan(measure.evidence.value));
    measure_end(&measure);
}

/* All weights of a slice may be 0, though not of a table. */
static void test_a_slice_of_weight_0_is_undefined(void **state)
{
    static const char *const checks[] = {MEDIAN, "max_error", "d2_absolute_error"};
    (void)state;
    for (size_t i = 0; i < COUNT(checks); i++) {
        struct measure measure;
        measure_begin(&measure, &weighted);
        measure.slice_column = "g";
        world_memory_text(&measure.world, "t.csv", "y,f,w,g\n0,1,0,a\n1,2,1,b\n2,1,0,a\n");
        if (measure_check(&measure, checks[i]) != MLG_OK)
            fail_msg("%s", measure.error.text);
        assert_string_equal(measure.evidence.reason, "all weights of the 2 rows are 0");
        measure_end(&measure);
        measure_begin(&measure, &weighted);
        measure.slice_column = "g";
        world_memory_text(&measure.world, "t.csv", "y,f,w,g\n0,1,0,a\n1,2,1,b\n");
        if (measure_check(&measure, checks[i]) != MLG_OK)
            fail_msg("%s", measure.error.text);
        assert_string_equal(measure.evidence.reason, "the weight of the only row is 0");
        measure_end(&measure);
    }
}

/* ---- bounds of a median --------------------------------------------------------------------------- */

struct rank_row {
    const char *name;
    int rows;
    double confidence;
    int rank; /* R: qbinom(1 - confidence, rows, 0.5); the errors are 1, 2, ... rows */
};

static const struct rank_row rank_rows[] = {
    {"four rows do not bound a median at 95 %", 4, 0.95, 0},
    {"five rows do, by the least and the largest", 5, 0.95, 1},
    {"six rows do not at 99 %", 6, 0.99, 0},
    {"seven rows do at 99 %", 7, 0.99, 1},
    {"qbinom(0.05, 10, 0.5) is 2", 10, 0.95, 2},
    {"qbinom(0.05, 20, 0.5) is 6", 20, 0.95, 6},
    {"qbinom(0.025, 100, 0.5) is 40", 100, 0.975, 40},
    {"qbinom(0.05, 1000, 0.5) is 474", 1000, 0.95, 474},
    {"a quantile that is met exactly is the rank: qbinom(0.5, 9, 0.5) is 4", 9, 0.5, 4},
    {"qbinom(0.25, 2, 0.5) is 0", 2, 0.75, 0},
};

static void test_rank(void **state)
{
    const struct rank_row *row = *state;
    char table[16000] = "y,f\n";
    struct measure measure;
    double lower, upper;
    size_t size = strlen(table);
    for (int i = row->rows; i > 0; i--)
        size += (size_t)snprintf(table + size, sizeof table - size, "0,%d\n", i);
    measure_begin(&measure, &numbers);
    world_memory_text(&measure.world, "t.csv", table);
    if (measure_check(&measure, MEDIAN) != MLG_OK)
        fail_msg("%s", measure.error.text);
    const struct mlg_evidence *evidence = &measure.evidence;
    assert_int_equal(evidence->bounds(evidence->state, row->confidence, 1, &lower, &upper), 0);
    if (lower != (double)row->rank)
        fail_msg("the lower rank is %g", lower);
    if (row->rank > 0)
        assert_true(upper == (double)(row->rows + 1 - row->rank));
    else
        assert_true(isinf(upper) && upper > 0);
    assert_int_equal(mlg_interval(evidence, row->confidence, MLG_METHOD_COUNT, 2).known, false);
    assert_int_equal(mlg_interval(evidence, row->confidence, MLG_METHOD_T, 1).known, false);
    measure_end(&measure);
}

int main(void)
{
    struct expected_row *expected;
    const size_t expected_count = expected_rows_read(MLG_SOURCE_DIR "/tests/oracles", false, &expected);
    struct CMUnitTest *tests = calloc(
        expected_count + COUNT(value_rows) + COUNT(undefined_rows) + COUNT(rank_rows) + 1, sizeof *tests);
    size_t count = 0;
    if (!tests)
        return 1;
    NAMED_ROWS_READ(tests, count, expected, expected_count, expected_rows_test);
    NAMED_ROWS(tests, count, value_rows, test_value);
    NAMED_ROWS(tests, count, undefined_rows, test_undefined);
    NAMED_ROWS(tests, count, rank_rows, test_rank);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_a_slice_of_weight_0_is_undefined);
    int failed = _cmocka_run_group_tests("metric order", tests, count, NULL, NULL);
    free(tests);
    free(expected);
    return failed;
}
