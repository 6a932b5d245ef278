/* Bounds from evidence. Proportions: tests/oracles/interval.txt, and values printed in papers and packages.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlgate/distribution.h"
#include "mlgate/interval.h"
#include "named_rows.h"

#ifndef MLG_SOURCE_DIR
#define MLG_SOURCE_DIR "."
#endif

static void near(double value, double expected, double relative)
{
    if (!(fabs(value - expected) <= relative * fmax(fabs(expected), 1e-300)))
        fail_msg("%.17g instead of %.17g", value, expected);
}

static struct mlg_evidence proportion(uint64_t x, uint64_t n)
{
    return (struct mlg_evidence){.kind = MLG_PROPORTION,
                                 .value = (double)x / (double)n,
                                 .minimum = 0,
                                 .maximum = 1,
                                 .n = n,
                                 .numerator = x,
                                 .denominator = n,
                                 .degrees = INFINITY,
                                 .method = MLG_METHOD_WILSON};
}

/* ---- proportions against the oracle ------------------------------------------------------------- */

struct row {
    char name[160];
    char method[32];
    unsigned long x, n;
    double confidence, lower, upper, tolerance; /* 0: relative 1e-12, else half a printed digit */
};

/* Newcombe 1998, Table I (as printed); the last three from R's binom, by way of statsmodels' tests. */
static struct row published[] = {
    {"", "wilson", 81, 263, 0.975, .2553, .3662, 5e-5},
    {"", "wilson", 15, 148, 0.975, .0624, .1605, 5e-5},
    {"", "wilson", 0, 20, 0.975, 0, .1611, 5e-5},
    {"", "wilson", 1, 29, 0.975, .0061, .1718, 5e-5},
    {"", "clopper_pearson", 81, 263, 0.975, .2527, .3676, 5e-5},
    {"", "clopper_pearson", 15, 148, 0.975, .0578, .1617, 5e-5},
    {"", "clopper_pearson", 0, 20, 0.975, 0, .1684, 5e-5},
    {"", "clopper_pearson", 1, 29, 0.975, .0009, .1776, 5e-5},
    {"", "wilson", 100, 200, 0.95, .442235, .557765, 5e-7},
    {"", "clopper_pearson", 100, 200, 0.95, .439641, .560359, 5e-7},
    {"", "jeffreys", 100, 200, 0.95, .4421138, .5578862, 5e-8},
};
enum { PUBLISHED = sizeof published / sizeof *published };

static void bounds_agree_with_the_reference(void **state)
{
    const struct row *row = *state;
    struct mlg_evidence evidence = proportion(row->x, row->n);
    int method = mlg_method_find(row->method);
    struct mlg_bounds bounds = mlg_interval(&evidence, row->confidence, method, 1);
    assert_true(bounds.known);
    assert_int_equal(bounds.method, method);
    if (row->tolerance > 0) {
        assert_true(fabs(bounds.lower - row->lower) <= row->tolerance * 1.0001);
        assert_true(fabs(bounds.upper - row->upper) <= row->tolerance * 1.0001);
    } else {
        near(bounds.lower, row->lower, 1e-12);
        near(bounds.upper, row->upper, 1e-12);
    }
    assert_true(bounds.lower <= evidence.value && evidence.value <= bounds.upper);
}

static void auto_takes_the_exact_interval_where_counts_are_small(void **state)
{
    (void)state;
    static const struct {
        uint64_t x, n;
        enum mlg_method method;
    } cases[] = {
        {20, 39, MLG_METHOD_CLOPPER_PEARSON},  {20, 40, MLG_METHOD_WILSON},
        {4, 1000, MLG_METHOD_CLOPPER_PEARSON}, {5, 1000, MLG_METHOD_WILSON},
        {995, 1000, MLG_METHOD_WILSON},        {996, 1000, MLG_METHOD_CLOPPER_PEARSON},
        {0, 1, MLG_METHOD_CLOPPER_PEARSON},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mlg_evidence evidence = proportion(cases[i].x, cases[i].n);
        struct mlg_bounds bounds = mlg_interval(&evidence, 0.95, MLG_METHOD_COUNT, 1);
        assert_int_equal(bounds.method, cases[i].method);
    }
}

static void a_multiplier_of_ten_is_ten_times_the_counts(void **state)
{
    (void)state;
    static const int methods[] = {MLG_METHOD_COUNT, MLG_METHOD_WILSON, MLG_METHOD_CLOPPER_PEARSON,
                                  MLG_METHOD_JEFFREYS};
    struct mlg_evidence few = proportion(7, 20), many = proportion(70, 200);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        struct mlg_bounds a = mlg_interval(&few, 0.95, methods[i], 10);
        struct mlg_bounds b = mlg_interval(&many, 0.95, methods[i], 1);
        assert_int_equal(a.method, b.method);
        near(a.lower, b.lower, 1e-15);
        near(a.upper, b.upper, 1e-15);
    }
    struct mlg_bounds half = mlg_interval(&few, 0.95, MLG_METHOD_JEFFREYS, 0.5);
    near(half.lower, mlg_beta_quantile(1 - 0.95, 4, 7), 1e-15);
}

static void bounds_enclose_the_value_at_any_confidence(void **state)
{
    (void)state;
    for (int method = MLG_METHOD_WILSON; method <= MLG_METHOD_JEFFREYS; method++)
        for (uint64_t x = 0; x <= 30; x++)
            for (int percent = 50; percent < 100; percent += 7) {
                const double confidence = percent / 100.0;
                struct mlg_evidence evidence = proportion(x, 30);
                struct mlg_bounds bounds = mlg_interval(&evidence, confidence, method, 1);
                assert_true(bounds.known);
                assert_true(0 <= bounds.lower && bounds.lower <= evidence.value);
                assert_true(evidence.value <= bounds.upper && bounds.upper <= 1);
            }
}

static void proportions_that_are_none_have_no_bounds(void **state)
{
    (void)state;
    struct mlg_evidence empty = proportion(0, 1), more = proportion(1, 2);
    empty.denominator = 0;
    more.numerator = 3;
    assert_false(mlg_interval(&empty, 0.95, MLG_METHOD_WILSON, 1).known);
    assert_false(mlg_interval(&more, 0.95, MLG_METHOD_WILSON, 1).known);
}

/* ---- standard errors ---------------------------------------------------------------------------- */

static struct mlg_evidence mean(double value, double error, double degrees)
{
    return (struct mlg_evidence){.kind = MLG_NORMAL,
                                 .value = value,
                                 .minimum = 0,
                                 .maximum = INFINITY,
                                 .n = 10,
                                 .standard_error = error,
                                 .degrees = degrees,
                                 .method = MLG_METHOD_T};
}

static void a_mean_is_judged_by_students_t(void **state)
{
    (void)state;
    struct mlg_evidence evidence = mean(10, 2, 9);
    struct mlg_bounds bounds = mlg_interval(&evidence, 0.975, MLG_METHOD_COUNT, 1);
    near(bounds.lower, 10 - 2 * 2.2621571627982, 1e-13);
    near(bounds.upper, 10 + 2 * 2.2621571627982, 1e-13);
    assert_int_equal(bounds.method, MLG_METHOD_T);
    evidence.degrees = INFINITY;
    bounds = mlg_interval(&evidence, 0.975, MLG_METHOD_T, 4);
    near(bounds.lower, 10 - 1.9599639845400542355, 1e-14);
}

/* Hall 1992, as written out with numpy's cbrt and scipy 1.17's t.ppf; each half with the caution of
 * interval.h: of 11.1 terms that carry the mean 1.846 and 1.333 times as wide. */
static void skewed_losses_have_wider_bounds(void **state)
{
    (void)state;
    struct mlg_evidence evidence = mean(10, 2, 9);
    evidence.method = MLG_METHOD_T_HALL;
    evidence.skewness = 0.3;
    struct mlg_bounds bounds = mlg_interval(&evidence, 0.95, MLG_METHOD_COUNT, 1);
    assert_int_equal(bounds.method, MLG_METHOD_T_HALL);
    near(bounds.lower, 5.111698846250034, 1e-13);
    near(bounds.upper, 18.9484226358471, 1e-13);
    bounds = mlg_interval(&evidence, 0.95, MLG_METHOD_T_HALL, 4); /* of 4 times as many half the skewness */
    near(bounds.lower, 8.171010809706782, 1e-13);
    near(bounds.upper, 12.19401518788868, 1e-13);
    evidence.skewness = -0.3;
    bounds = mlg_interval(&evidence, 0.95, MLG_METHOD_COUNT, 1);
    near(bounds.lower, 1.0515773641529016, 1e-13);
    near(bounds.upper, 14.888301153749966, 1e-13);
    bounds = mlg_interval(&evidence, 0.95, MLG_METHOD_T, 1);
    assert_int_equal(bounds.method, MLG_METHOD_T);
    near(bounds.lower, 6.333774134687526, 1e-13);
    near(bounds.upper, 13.666225865312473, 1e-13);
    evidence.skewness = 1e-9;
    bounds = mlg_interval(&evidence, 0.95, MLG_METHOD_COUNT, 1);
    near(bounds.upper, 10 + 3.666225865312473 * 4 / 3, 1e-13);
}

/* One of many terms is large: the mean is that of a share, and as uncertain. scipy: beta.ppf(0.95, 2, 9). */
static void a_mean_within_a_range_is_worth_a_share(void **state)
{
    (void)state;
    struct mlg_evidence evidence = mean(0.1, 0.001, 9);
    evidence.method = MLG_METHOD_T_HALL;
    evidence.maximum = 1;
    evidence.skewness = 0.5; /* 4 carry it */
    near(mlg_interval(&evidence, 0.95, MLG_METHOD_COUNT, 1).upper, 0.39416330243650466, 1e-12);
    evidence.skewness = 0.3; /* 11 do */
    assert_true(mlg_interval(&evidence, 0.95, MLG_METHOD_COUNT, 1).upper < 0.2);
    evidence.skewness = 0.5;
    evidence.minimum = -1; /* a difference of two */
    assert_true(mlg_interval(&evidence, 0.95, MLG_METHOD_COUNT, 1).upper < 0.2);
    evidence.minimum = 0;
    assert_true(mlg_interval(&evidence, 0.95, MLG_METHOD_T, 1).upper < 0.2);
}

static void what_is_too_high_on_average_is_lowered(void **state)
{
    (void)state;
    struct mlg_evidence evidence = mean(10, 2, INFINITY);
    evidence.method = MLG_METHOD_LOGIT;
    evidence.kind = MLG_LOGIT_SE;
    evidence.value = 0.5;
    evidence.standard_error = 0.1;
    const double lower = mlg_interval(&evidence, 0.95, MLG_METHOD_LOGIT, 1).lower;
    evidence.optimism = 0.02;
    near(mlg_interval(&evidence, 0.95, MLG_METHOD_COUNT, 1).lower, lower - 0.02, 1e-13);
    near(mlg_interval(&evidence, 0.95, MLG_METHOD_LOGIT, 1).lower, lower, 1e-13); /* asked for as it is */
}

/* scipy.stats.skew([1, 2, 1, 4, 1, 9], bias=False) / sqrt(6) */
static void skewness_is_that_of_the_sample(void **state)
{
    (void)state;
    near(mlg_sample_skewness(50, 192, 6), 0.7436128024718239, 1e-12);
    assert_true(mlg_sample_skewness(2, 1, 2) == 0);
    assert_true(mlg_sample_skewness(0, 0, 9) == 0);
    assert_true(mlg_sample_skewness(INFINITY, INFINITY, 9) == 0);
}

static void bounds_stay_in_the_range(void **state)
{
    (void)state;
    struct mlg_evidence evidence = mean(0.1, 2, 9);
    evidence.maximum = 1;
    struct mlg_bounds bounds = mlg_interval(&evidence, 0.95, MLG_METHOD_COUNT, 1);
    assert_true(bounds.lower == 0 && bounds.upper == 1);
}

static void a_mean_without_degrees_of_freedom_has_no_bounds(void **state)
{
    (void)state;
    struct mlg_evidence evidence = mean(1, 1, 0);
    assert_false(mlg_interval(&evidence, 0.95, MLG_METHOD_COUNT, 1).known);
    evidence = mean(1, NAN, 9);
    assert_false(mlg_interval(&evidence, 0.95, MLG_METHOD_COUNT, 1).known);
    evidence = mean(NAN, 1, 9);
    assert_false(mlg_interval(&evidence, 0.95, MLG_METHOD_COUNT, 1).known);
}

static struct mlg_evidence area(double value, double error, unsigned smaller)
{
    return (struct mlg_evidence){.kind = MLG_AUC,
                                 .value = value,
                                 .minimum = 0,
                                 .maximum = 1,
                                 .n = 4ULL * smaller,
                                 .standard_error = error,
                                 .degrees = INFINITY,
                                 .smaller_class = smaller,
                                 .method = MLG_METHOD_DELONG};
}

static void an_area_of_one_is_not_certain(void **state)
{
    (void)state;
    struct mlg_evidence evidence = area(1, 0, 10);
    struct mlg_bounds bounds = mlg_interval(&evidence, 0.95, MLG_METHOD_COUNT, 1);
    near(bounds.lower, 0.74113444910694623, 1e-12); /* 0.05^(1/10) */
    assert_true(bounds.upper == 1);
    bounds = mlg_interval(&evidence, 0.95, MLG_METHOD_DELONG_LOGIT, 1);
    near(bounds.lower, 0.74113444910694623, 1e-12);
    bounds = mlg_interval(&evidence, 0.95, MLG_METHOD_COUNT, 3);
    near(bounds.lower, 0.90496614714469592, 1e-12); /* 0.05^(1/30) */
    evidence.value = 0;
    bounds = mlg_interval(&evidence, 0.95, MLG_METHOD_COUNT, 1);
    assert_true(bounds.lower == 0);
    near(bounds.upper, 1 - 0.74113444910694623, 1e-12);
}

static void an_area_is_judged_on_either_scale(void **state)
{
    (void)state;
    struct mlg_evidence evidence = area(0.9, 0.05, 10);
    struct mlg_bounds plain = mlg_interval(&evidence, 0.975, MLG_METHOD_DELONG, 1);
    near(plain.lower, 0.9 - 0.05 * 1.9599639845400542355, 1e-13);
    near(plain.upper, 0.9 + 0.05 * 1.9599639845400542355, 1e-13);
    struct mlg_bounds logit = mlg_interval(&evidence, 0.975, MLG_METHOD_DELONG_LOGIT, 1);
    /* logit(0.9) -+ 1.95996 * 0.05 / 0.09 */
    near(logit.lower, 1 / (1 + exp(1.9599639845400542355 * 0.05 / 0.09 - log(9))), 1e-13);
    near(logit.upper, 1 / (1 + exp(-1.9599639845400542355 * 0.05 / 0.09 - log(9))), 1e-13);
    assert_int_equal(logit.method, MLG_METHOD_DELONG_LOGIT);
    evidence.method = MLG_METHOD_LINEARISED;
    assert_int_equal(mlg_interval(&evidence, 0.975, MLG_METHOD_DELONG, 1).method, MLG_METHOD_LINEARISED);
}

static void an_error_on_the_logit_scale_is_taken_back(void **state)
{
    (void)state;
    struct mlg_evidence evidence = area(0.8, 0.25, 10);
    evidence.kind = MLG_LOGIT_SE;
    evidence.method = MLG_METHOD_LOGIT;
    struct mlg_bounds bounds = mlg_interval(&evidence, 0.95, MLG_METHOD_COUNT, 1);
    near(bounds.lower, 1 / (1 + exp(1.6448536269514722 * 0.25 - log(4))), 1e-13);
    near(bounds.upper, 1 / (1 + exp(-1.6448536269514722 * 0.25 - log(4))), 1e-13);
    assert_int_equal(bounds.method, MLG_METHOD_LOGIT);
}

/* ---- the other kinds ---------------------------------------------------------------------------- */

static int fixed_bounds(const void *state, double confidence, double multiplier, double *lower, double *upper)
{
    (void)confidence;
    if (multiplier != 1)
        return 1;
    const double *pair = state;
    *lower = pair[0];
    *upper = pair[1];
    return 0;
}

static void bounds_of_the_metric_are_taken_and_clipped(void **state)
{
    (void)state;
    static const double pair[] = {0.3, 1.4};
    struct mlg_evidence evidence = mean(0.5, 0, 1);
    evidence.kind = MLG_BOUNDS;
    evidence.maximum = 1;
    evidence.method = MLG_METHOD_ORDER;
    evidence.bounds = fixed_bounds;
    evidence.state = pair;
    struct mlg_bounds bounds = mlg_interval(&evidence, 0.95, MLG_METHOD_COUNT, 1);
    assert_true(bounds.known && bounds.lower == 0.3 && bounds.upper == 1);
    assert_int_equal(bounds.method, MLG_METHOD_ORDER);
    assert_true(mlg_interval(&evidence, 0.95, MLG_METHOD_ORDER, 1).known);
    assert_false(mlg_interval(&evidence, 0.95, MLG_METHOD_COUNT, 2).known);
    assert_false(mlg_interval(&evidence, 0.95, MLG_METHOD_DELTA, 1).known);
    evidence.method = MLG_METHOD_CLUSTER; /* rests on the same errors, and says so */
    assert_int_equal(mlg_interval(&evidence, 0.95, MLG_METHOD_DELTA, 1).method, MLG_METHOD_CLUSTER);
}

static void a_count_is_its_own_bounds_whatever_the_method(void **state)
{
    (void)state;
    struct mlg_evidence evidence = {.kind = MLG_EXACT_VALUE, .value = 42, .maximum = INFINITY};
    struct mlg_bounds bounds = mlg_interval(&evidence, 0.95, MLG_METHOD_WILSON, 1);
    assert_true(bounds.known && bounds.lower == 42 && bounds.upper == 42);
    assert_int_equal(bounds.method, MLG_METHOD_EXACT);
}

static void what_has_no_interval_gets_none(void **state)
{
    (void)state;
    struct mlg_evidence evidence = {.kind = MLG_VALUE_ONLY, .value = 0.5, .maximum = 1};
    assert_false(mlg_interval(&evidence, 0.95, MLG_METHOD_COUNT, 1).known);
    evidence.kind = MLG_UNDEFINED;
    assert_false(mlg_interval(&evidence, 0.95, MLG_METHOD_COUNT, 1).known);
    evidence = proportion(7, 10);
    assert_false(mlg_interval(&evidence, 1, MLG_METHOD_COUNT, 1).known);
    assert_false(mlg_interval(&evidence, 0, MLG_METHOD_COUNT, 1).known);
    assert_false(mlg_interval(&evidence, NAN, MLG_METHOD_COUNT, 1).known);
    assert_false(mlg_interval(&evidence, 0.95, MLG_METHOD_COUNT, 0).known);
}

static void a_method_made_for_something_else_is_refused(void **state)
{
    (void)state;
    struct mlg_evidence evidence = proportion(7, 10);
    assert_false(mlg_interval(&evidence, 0.95, MLG_METHOD_DELONG, 1).known);
    assert_true(mlg_interval_fits(MLG_PROPORTION, MLG_METHOD_JEFFREYS));
    assert_true(mlg_interval_fits(MLG_PROPORTION, MLG_METHOD_COUNT));
    assert_false(mlg_interval_fits(MLG_PROPORTION, MLG_METHOD_T));
    assert_true(mlg_interval_fits(MLG_NORMAL, MLG_METHOD_DELTA));
    assert_false(mlg_interval_fits(MLG_NORMAL, MLG_METHOD_WILSON));
    assert_true(mlg_interval_fits(MLG_AUC, MLG_METHOD_DELONG_LOGIT));
    assert_false(mlg_interval_fits(MLG_AUC, MLG_METHOD_ORDER));
    assert_false(mlg_interval_fits(MLG_UNDEFINED, MLG_METHOD_COUNT));
    assert_false(mlg_interval_fits(MLG_PROPORTION, -1));
}

static void every_method_is_found_by_its_name(void **state)
{
    (void)state;
    static const char *const names[] = {"none",         "exact",
                                        "wilson",       "clopper_pearson",
                                        "jeffreys",     "t",
                                        "t_hall",       "delta",
                                        "delong",       "delong_logit",
                                        "delong_score", "logit",
                                        "order",        "folded_normal",
                                        "linearised",   "cluster",
                                        "tango",        "paired",
                                        "newcombe",     "miettinen_nurminen",
                                        "koopman",      "katz",
                                        "mover",        "mover_clopper_pearson",
                                        "dkw"};
    assert_int_equal(sizeof names / sizeof *names, MLG_METHOD_COUNT);
    for (int i = 0; i < MLG_METHOD_COUNT; i++) {
        assert_string_equal(mlg_methods[i].name, names[i]);
        assert_int_equal(mlg_method_find(names[i]), i);
        assert_true(mlg_methods[i].about[0] != 0);
        assert_non_null(mlg_methods[i].source);
    }
    assert_int_equal(mlg_method_find("auto"), MLG_METHOD_COUNT);
    assert_int_equal(mlg_method_find("wilso"), -1);
}

/* ---- main --------------------------------------------------------------------------------------- */

/* method x n confidence lower upper, with spaces between */
static bool read_row(char *line, struct row *row)
{
    char *at = strchr(line, ' ');
    if (!at || at - line >= (int)sizeof row->method)
        return false;
    memcpy(row->method, line, (size_t)(at - line));
    row->x = strtoul(at, &at, 10);
    row->n = strtoul(at, &at, 10);
    row->confidence = strtod(at, &at);
    row->lower = strtod(at, &at);
    row->upper = strtod(at, &at);
    snprintf(row->name, sizeof row->name, "%s of %lu in %lu at %g", row->method, row->x, row->n,
             row->confidence);
    return *at == '\n' && row->n > 0;
}

static size_t read_rows(const char *path, struct row *rows, size_t most)
{
    FILE *file = fopen(path, "r");
    char line[256];
    size_t count = 0;
    while (file && count < most && fgets(line, sizeof line, file) && read_row(line, &rows[count]))
        count++;
    if (file)
        fclose(file);
    return count;
}

int main(void)
{
    enum { MOST = 400 };
    static struct row rows[MOST];
    static const struct CMUnitTest plain[] = {
        cmocka_unit_test(auto_takes_the_exact_interval_where_counts_are_small),
        cmocka_unit_test(a_multiplier_of_ten_is_ten_times_the_counts),
        cmocka_unit_test(bounds_enclose_the_value_at_any_confidence),
        cmocka_unit_test(proportions_that_are_none_have_no_bounds),
        cmocka_unit_test(a_mean_is_judged_by_students_t),
        cmocka_unit_test(skewed_losses_have_wider_bounds),
        cmocka_unit_test(a_mean_within_a_range_is_worth_a_share),
        cmocka_unit_test(what_is_too_high_on_average_is_lowered),
        cmocka_unit_test(skewness_is_that_of_the_sample),
        cmocka_unit_test(bounds_stay_in_the_range),
        cmocka_unit_test(a_mean_without_degrees_of_freedom_has_no_bounds),
        cmocka_unit_test(an_area_of_one_is_not_certain),
        cmocka_unit_test(an_area_is_judged_on_either_scale),
        cmocka_unit_test(an_error_on_the_logit_scale_is_taken_back),
        cmocka_unit_test(bounds_of_the_metric_are_taken_and_clipped),
        cmocka_unit_test(a_count_is_its_own_bounds_whatever_the_method),
        cmocka_unit_test(what_has_no_interval_gets_none),
        cmocka_unit_test(a_method_made_for_something_else_is_refused),
        cmocka_unit_test(every_method_is_found_by_its_name),
    };
    enum { PLAIN = sizeof plain / sizeof *plain };
    static struct CMUnitTest tests[MOST + PLAIN + PUBLISHED];
    size_t count = read_rows(MLG_SOURCE_DIR "/tests/oracles/interval.txt", rows, MOST), n = 0;
    if (count != 180) {
        fprintf(stderr, "tests/oracles/interval.txt is missing or broken\n");
        return 1;
    }
    NAMED_ROWS_READ(tests, n, rows, count, bounds_agree_with_the_reference);
    for (size_t i = 0; i < PUBLISHED; i++) {
        struct row *row = &published[i];
        snprintf(row->name, sizeof row->name, "published: %s of %lu in %lu", row->method, row->x, row->n);
        tests[n++] = (struct CMUnitTest){row->name, bounds_agree_with_the_reference, NULL, NULL, row};
    }
    for (size_t i = 0; i < PLAIN; i++)
        tests[n++] = plain[i];
    return _cmocka_run_group_tests("interval", tests, n, NULL, NULL);
}
