/* Sums of ratios of counts: the nearest double, and the limit they are exactly at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "mlgate/fraction.h"
#include "named_rows.h"

#define TENS_19 UINT64_C(10000000000000000000)

enum { TERMS = 3 };

struct row {
    const char *name;
    struct mlg_fraction terms[TERMS]; /* up to the first without a denominator */
    uint64_t less, divisor;
    bool negated;
    const char *decimal;
    double value;
    int order; /* of the sum and the decimal */
};

static const struct row rows[] = {
    {"a mean of fifths and tenths", {{3, 15}, {1, 10}}, 0, 2, false, "0.15", 0.15, 0},
    {"in per cent", {{3, 15}, {1, 10}}, 0, 2, false, "15%", 0.15, 0},
    {"thirds that make a whole", {{1, 3}, {1, 3}, {1, 3}}, 0, 1, false, "1", 1, 0},
    {"a third is above its digits", {{1, 3}}, 0, 1, false, "0.333333333333333333", 1. / 3, 1},
    {"a third is below the next digits", {{1, 3}}, 0, 1, false, "0.333333333333333334", 1. / 3, -1},
    {"what no double tells from 0.15 is above it",
     {{UINT64_C(1500000000000000001), TENS_19}},
     0,
     1,
     false,
     "0.15",
     0.15,
     1},
    {"what no double tells from 0.15 is below it",
     {{UINT64_C(1499999999999999999), TENS_19}},
     0,
     1,
     false,
     "0.15",
     0.15,
     -1},
    {"a difference below 0", {{1, 20}}, 0, 1, true, "-0.05", -0.05, 0},
    {"an opposite is above what it is above of", {{1, 3}}, 0, 1, true, "-0.333333333333333334", -1. / 3, 1},
    {"less than nothing", {{3, 10}, {11, 20}}, 1, 1, false, "-0.15", -0.15, 0},
    {"less than nothing and a little more",
     {{3, 10}, {UINT64_C(5500000000000000001), TENS_19}},
     1,
     1,
     false,
     "-0.15",
     -0.15,
     1},
    {"nothing at all", {{0, 7}, {0, 3}}, 0, 2, false, "0", 0, 0},
    {"nothing is below the smallest limit", {{0, 7}}, 0, 1, false, "1e-30", 0, -1},
    {"and above the largest below 0", {{0, 7}}, 0, 1, false, "-1e-30", 0, 1},
    {"far from the limit", {{1, 2}}, 0, 1, false, "1e30", 0.5, -1},
    {"the largest counts", {{UINT64_MAX, UINT64_MAX}, {0, UINT64_MAX}}, 0, 2, false, "0.5", 0.5, 0},
};

static struct mlg_fractions *fractions_of(size_t count)
{
    struct mlg_fractions *fractions = calloc(1, sizeof *fractions + count * sizeof *fractions->terms);
    assert_non_null(fractions);
    fractions->count = count;
    fractions->divisor = 1;
    return fractions;
}

static int compare(const struct mlg_fractions *fractions, const char *text)
{
    struct mlg_decimal decimal;
    assert_true(mlg_decimal_parse(text, strlen(text), &decimal));
    return mlg_fractions_compare(fractions, &decimal);
}

static void test_row(void **state)
{
    const struct row *row = *state;
    struct mlg_fractions *fractions = fractions_of(TERMS);
    fractions->count = 0;
    while (fractions->count < TERMS && row->terms[fractions->count].denominator) {
        fractions->terms[fractions->count] = row->terms[fractions->count];
        fractions->count++;
    }
    fractions->less = row->less;
    fractions->divisor = row->divisor;
    fractions->negated = row->negated;
    assert_true(mlg_fractions_value(fractions) == row->value);
    assert_int_equal(compare(fractions, row->decimal), row->order);
    free(fractions);
}

/* 1/(k (k+1)) summed up to n is n/(n+1), and with 1/(n+1) it is 1: as many terms as are compared, each with
 * a denominator of its own. */
static void test_many_terms(void **state)
{
    const uint64_t last = MLG_FRACTIONS_COMPARED;
    struct mlg_fractions *fractions = fractions_of(MLG_FRACTIONS_COMPARED);
    (void)state;
    for (uint64_t k = 1; k < last; k++)
        fractions->terms[k - 1] = (struct mlg_fraction){1, k * (k + 1)};
    fractions->terms[last - 1] = (struct mlg_fraction){1, last};
    assert_true(mlg_fractions_value(fractions) == 1);
    assert_int_equal(compare(fractions, "1"), 0);
    fractions->terms[last - 1] = (struct mlg_fraction){UINT64_C(1) << 57, (UINT64_C(1) << 63) + 1};
    assert_true(mlg_fractions_value(fractions) == 1);
    assert_int_equal(compare(fractions, "1"), -1);
    free(fractions);
}

/* The largest denominators of which the product is taken. */
static void test_large_terms(void **state)
{
    struct mlg_fractions *fractions = fractions_of(MLG_FRACTIONS_COMPARED);
    (void)state;
    for (size_t i = 0; i < MLG_FRACTIONS_COMPARED; i++)
        fractions->terms[i] = (struct mlg_fraction){UINT64_MAX / 3, UINT64_MAX};
    fractions->divisor = UINT64_C(4) * MLG_FRACTIONS_COMPARED;
    assert_int_equal(compare(fractions, "0.0833333333333333333"), 1);
    assert_int_equal(compare(fractions, "0.0833333333333333334"), -1);
    fractions->divisor = MLG_FRACTIONS_COMPARED;
    fractions->terms[0].numerator++;
    assert_int_equal(compare(fractions, "0.333333333333333333"), 1);
    free(fractions);
}

static void test_too_many_terms_are_doubles(void **state)
{
    struct mlg_fractions *fractions = fractions_of(MLG_FRACTIONS_COMPARED + 1);
    (void)state;
    for (size_t i = 0; i <= MLG_FRACTIONS_COMPARED; i++)
        fractions->terms[i] = (struct mlg_fraction){3, 10};
    fractions->divisor = MLG_FRACTIONS_COMPARED + 1;
    assert_true(mlg_fractions_value(fractions) == 0.3);
    assert_int_equal(compare(fractions, "0.3"), 0);
    free(fractions);
}

static void test_differences_and_ratios(void **state)
{
    struct mlg_fraction result;
    bool negative;
    (void)state;
    assert_true(mlg_fraction_difference((struct mlg_fraction){50, 100}, (struct mlg_fraction){40, 100},
                                        &result, &negative));
    assert_false(negative);
    assert_true(mlg_fraction_value(result) == 0.1);
    assert_true(mlg_fraction_difference((struct mlg_fraction){40, 100}, (struct mlg_fraction){50, 100},
                                        &result, &negative));
    assert_true(negative);
    assert_true(mlg_fraction_value(result) == 0.1);
    assert_true(mlg_fraction_ratio((struct mlg_fraction){48, 100}, (struct mlg_fraction){60, 100}, &result));
    assert_true(mlg_fraction_value(result) == 0.8);
    assert_false(mlg_fraction_ratio((struct mlg_fraction){48, 100}, (struct mlg_fraction){0, 100}, &result));
    assert_false(
        mlg_fraction_ratio((struct mlg_fraction){UINT64_MAX, 2}, (struct mlg_fraction){1, 3}, &result));
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(test_many_terms),
        cmocka_unit_test(test_large_terms),
        cmocka_unit_test(test_too_many_terms_are_doubles),
        cmocka_unit_test(test_differences_and_ratios),
    };
    struct CMUnitTest tests[COUNT(rows) + COUNT(others)];
    size_t count = 0;
    NAMED_ROWS(tests, count, rows, test_row);
    for (size_t i = 0; i < COUNT(others); i++)
        tests[count++] = others[i];
    return _cmocka_run_group_tests("fractions", tests, count, NULL, NULL);
}
