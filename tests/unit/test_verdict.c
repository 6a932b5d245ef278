/* An estimate against a limit: what passes, what fails, what cannot be told, and why. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mlgate/distribution.h"
#include "mlgate/verdict.h"
#include "named_rows.h"

static struct mlg_decimal decimal(const char *text)
{
    struct mlg_decimal limit;
    assert_true(mlg_decimal_parse(text, strlen(text), &limit));
    return limit;
}

static struct mlg_evidence proportion(uint64_t x, uint64_t n)
{
    return (struct mlg_evidence){.kind = MLG_PROPORTION,
                                 .value = (double)x / (double)n,
                                 .maximum = 1,
                                 .n = n,
                                 .numerator = x,
                                 .denominator = n,
                                 .degrees = INFINITY,
                                 .method = MLG_METHOD_WILSON};
}

static struct mlg_evidence normal(double value, double error, uint64_t n)
{
    return (struct mlg_evidence){.kind = MLG_NORMAL,
                                 .value = value,
                                 .minimum = -INFINITY,
                                 .maximum = INFINITY,
                                 .n = n,
                                 .standard_error = error,
                                 .degrees = INFINITY,
                                 .method = MLG_METHOD_DELTA};
}

static struct mlg_settings settings(int decide)
{
    struct mlg_settings made = mlg_settings_defaults;
    made.confidence = 0.95;
    made.decide = decide;
    return made;
}

static struct mlg_judgement judge(struct mlg_evidence evidence, enum mlg_comparator comparator,
                                  const char *text, int decide)
{
    struct mlg_decimal limit = decimal(text);
    struct mlg_settings made = settings(decide);
    made.in_family = true;
    struct mlg_judgement judgement;
    mlg_judge(&evidence, comparator, &limit, &made, &judgement);
    return judgement;
}

/* ---- proportions, row by row -------------------------------------------------------------------- */

struct row {
    const char *name;
    uint64_t x, n;
    enum mlg_comparator comparator;
    const char *limit;
    int decide;
    enum mlg_verdict verdict;
    uint64_t rows_needed; /* within 2 % and rounding, by the formula of the interval */
    const char *reason;
};

#define INTERVAL MLG_DECIDE_INTERVAL
#define POINT MLG_DECIDE_POINT
static const char below[] = "the whole interval is below the limit";
static const char above[] = "the whole interval is above the limit";
static const char at_limit[] =
    "cannot tell; the value is exactly at the limit, which no number of rows would decide";

static const struct row rows[] = {
    {"passes when the lower bound is above the limit", 95, 100, MLG_AT_LEAST, "0.8", INTERVAL, MLG_PASS, 0,
     ""},
    {"fails when the upper bound is below the limit", 60, 100, MLG_AT_LEAST, "0.8", INTERVAL, MLG_FAIL, 0,
     below},
    /* Wilson's lower bound of 0.84 reaches 0.8 where z^2 = n (0.84 - 0.8)^2 / (0.8 * 0.2): n = 270.5 */
    {"cannot tell when the interval straddles the limit", 84, 100, MLG_AT_LEAST, "0.8", INTERVAL,
     MLG_INCONCLUSIVE, 280, "cannot tell; about 280 rows would decide"},
    /* the same for 0.898 against 0.9: n = 0.09 * 1.64485^2 / 0.002^2 = 60875 */
    {"names the rows with commas", 898, 1000, MLG_AT_LEAST, "0.9", INTERVAL, MLG_INCONCLUSIVE, 61000,
     "cannot tell; about 61,000 rows would decide"},
    {"cannot tell at the limit, however many the rows", 80, 100, MLG_AT_LEAST, "0.8", INTERVAL,
     MLG_INCONCLUSIVE, 0, at_limit},
    {"passes an upper limit from below", 2, 100, MLG_AT_MOST, "0.2", INTERVAL, MLG_PASS, 0, ""},
    {"fails an upper limit from above", 60, 100, MLG_AT_MOST, "20%", INTERVAL, MLG_FAIL, 0, above},
    {"passes a strict lower limit", 95, 100, MLG_ABOVE, "0.8", INTERVAL, MLG_PASS, 0, ""},
    {"fails a strict upper limit", 60, 100, MLG_BELOW, "0.2", INTERVAL, MLG_FAIL, 0, above},
    {"passes a strict upper limit", 2, 100, MLG_BELOW, "0.2", INTERVAL, MLG_PASS, 0, ""},
    {"a limit that all right answers only touch is never certain", 100, 100, MLG_AT_LEAST, "1", INTERVAL,
     MLG_INCONCLUSIVE, 0, at_limit},
    {"nothing wrong in 58 rows does not show 95 %", 58, 58, MLG_AT_LEAST, "0.95", INTERVAL, MLG_INCONCLUSIVE,
     59, "cannot tell; about 59 rows would decide"},
    {"nothing wrong in 59 rows shows 95 %", 59, 59, MLG_AT_LEAST, "0.95", INTERVAL, MLG_PASS, 0, ""},
    {"a limit that is always met passes", 0, 100, MLG_AT_LEAST, "0", INTERVAL, MLG_PASS, 0, ""},
    {"point: exactly at the limit meets it", 80, 100, MLG_AT_LEAST, "0.8", POINT, MLG_PASS, 0, ""},
    {"point: exactly at the limit is not above it", 80, 100, MLG_ABOVE, "0.8", POINT, MLG_FAIL, 0,
     "the value is not above the limit"},
    {"point: exactly at the limit is not below it", 1, 10, MLG_BELOW, "10%", POINT, MLG_FAIL, 0,
     "the value is not below the limit"},
    {"point: under the limit by one row in 10^15 fails", 699999999999999, 1000000000000000, MLG_AT_LEAST,
     "0.7", POINT, MLG_FAIL, 0, "the value is below the limit"},
    {"point: over the limit by one row in 10^17 fails", 10000000000000001, 100000000000000000, MLG_AT_MOST,
     "0.1", POINT, MLG_FAIL, 0, "the value is above the limit"},
    {"point: a third meets no decimal that rounds up", 1, 3, MLG_AT_LEAST, "0.333333333333333334", POINT,
     MLG_FAIL, 0, "the value is below the limit"},
    {"point: a third meets a decimal that rounds down", 1, 3, MLG_AT_LEAST, "0.333333333333333333", POINT,
     MLG_PASS, 0, ""},
    {"point: 0.07 is 7 of 100 although doubles disagree", 7, 100, MLG_AT_MOST, "7%", POINT, MLG_PASS, 0, ""},
};

static void the_row_holds(void **state)
{
    const struct row *row = *state;
    struct mlg_judgement judgement =
        judge(proportion(row->x, row->n), row->comparator, row->limit, row->decide);
    assert_string_equal(mlg_verdicts[judgement.verdict].word, mlg_verdicts[row->verdict].word);
    assert_int_equal(judgement.rows_needed, row->rows_needed);
    assert_string_equal(judgement.reason, row->reason);
    assert_string_equal(judgement.decided_by, row->decide == POINT ? "point" : "interval");
    assert_true(judgement.bounds.known); /* reported also where the value alone decides */
}

/* ---- what cannot be measured -------------------------------------------------------------------- */

static void undefined_is_an_error_with_its_reason(void **state)
{
    (void)state;
    struct mlg_evidence evidence = {
        .kind = MLG_UNDEFINED, .value = NAN, .reason = "no positive labels in 20 rows"};
    for (int decide = INTERVAL; decide <= POINT; decide++) {
        struct mlg_judgement judgement = judge(evidence, MLG_AT_LEAST, "0", decide);
        assert_int_equal(judgement.verdict, MLG_VERDICT_ERROR);
        assert_string_equal(judgement.reason, "could not measure: no positive labels in 20 rows");
        assert_false(judgement.bounds.known);
        assert_non_null(judgement.decided_by);
    }
}

static void a_long_reason_is_cut(void **state)
{
    (void)state;
    struct mlg_evidence evidence = {.kind = MLG_UNDEFINED};
    memset(evidence.reason, 'x', sizeof evidence.reason - 1);
    struct mlg_judgement judgement = judge(evidence, MLG_AT_LEAST, "0", INTERVAL);
    assert_int_equal(strlen(judgement.reason), MLG_REASON_SIZE - 1);
}

static void nan_and_infinity_never_pass(void **state)
{
    (void)state;
    static const double values[] = {NAN, INFINITY, -INFINITY};
    static const enum mlg_comparator comparators[] = {MLG_AT_LEAST, MLG_AT_MOST, MLG_ABOVE, MLG_BELOW};
    static const enum mlg_evidence_kind kinds[] = {MLG_VALUE_ONLY, MLG_EXACT_VALUE, MLG_NORMAL, MLG_AUC};
    for (size_t v = 0; v < 3; v++)
        for (size_t c = 0; c < 4; c++)
            for (size_t k = 0; k < 4; k++)
                for (int decide = INTERVAL; decide <= POINT; decide++) {
                    struct mlg_evidence evidence = normal(values[v], 0.1, 10);
                    evidence.kind = kinds[k];
                    struct mlg_judgement judgement = judge(evidence, comparators[c], "0", decide);
                    assert_int_equal(judgement.verdict, MLG_VERDICT_ERROR);
                }
    struct mlg_judgement judgement = judge(normal(1, NAN, 10), MLG_AT_LEAST, "0", INTERVAL);
    assert_int_equal(judgement.verdict, MLG_INCONCLUSIVE);
}

static void without_a_comparator_nothing_passes(void **state)
{
    (void)state;
    struct mlg_judgement judgement = judge(proportion(95, 100), MLG_NO_COMPARATOR, "0", INTERVAL);
    assert_int_equal(judgement.verdict, MLG_VERDICT_ERROR);
    assert_true(judgement.bounds.known);
}

static void without_an_interval_only_the_point_decides(void **state)
{
    (void)state;
    struct mlg_evidence evidence = normal(0.9, 0, 10);
    evidence.kind = MLG_VALUE_ONLY;
    struct mlg_judgement judgement = judge(evidence, MLG_AT_LEAST, "0.8", INTERVAL);
    assert_int_equal(judgement.verdict, MLG_INCONCLUSIVE);
    assert_string_equal(judgement.reason, "no interval is known for this quantity here; use decide: point");
    assert_int_equal(judgement.rows_needed, 0);
    assert_int_equal(judge(evidence, MLG_AT_LEAST, "0.8", POINT).verdict, MLG_PASS);
    assert_int_equal(judge(evidence, MLG_AT_MOST, "0.8", POINT).verdict, MLG_FAIL);
}

static int choice_of(const char *name)
{
    const struct mlg_param *row = mlg_params_find(mlg_settings_params, "interval");
    for (int i = 0; row->choices[i]; i++)
        if (strcmp(row->choices[i], name) == 0)
            return i;
    return -1;
}

static void a_method_that_does_not_fit_is_named(void **state)
{
    (void)state;
    struct mlg_evidence evidence = normal(0.9, 0.01, 10);
    struct mlg_settings made = settings(INTERVAL);
    struct mlg_decimal limit = decimal("0.8");
    struct mlg_judgement judgement;
    made.interval = choice_of("wilson");
    mlg_judge(&evidence, MLG_AT_LEAST, &limit, &made, &judgement);
    assert_int_equal(judgement.verdict, MLG_INCONCLUSIVE);
    assert_string_equal(judgement.reason,
                        "interval: wilson is not made for this quantity here; use interval: auto");
}

static void the_method_of_the_settings_is_used(void **state)
{
    (void)state;
    static const char *const names[] = {"wilson", "clopper_pearson", "jeffreys"};
    struct mlg_evidence evidence = proportion(84, 100);
    struct mlg_settings made = settings(INTERVAL);
    struct mlg_decimal limit = decimal("0.8");
    struct mlg_judgement judgement;
    for (size_t i = 0; i < 3; i++) {
        made.interval = choice_of(names[i]);
        mlg_judge(&evidence, MLG_AT_LEAST, &limit, &made, &judgement);
        assert_string_equal(mlg_methods[judgement.bounds.method].name, names[i]);
    }
    made.interval = choice_of("auto");
    assert_int_equal(mlg_settings_method(&made), MLG_METHOD_COUNT);
}

/* A rate over few rows of a slice: what has to be collected are rows of the slice. */
static void rows_needed_are_rows_of_the_slice(void **state)
{
    (void)state;
    struct mlg_evidence evidence = proportion(500, 800);
    uint64_t own = judge(evidence, MLG_AT_LEAST, "0.6", INTERVAL).rows_needed;
    evidence.rows = 8000;
    struct mlg_judgement judgement = judge(evidence, MLG_AT_LEAST, "0.6", INTERVAL);
    assert_true(own > 800);
    assert_in_range(judgement.rows_needed, own * 97 / 10, own * 103 / 10);
    assert_non_null(strstr(judgement.reason, "00 rows would decide"));

    struct mlg_settings made = settings(INTERVAL);
    struct mlg_decimal limit = decimal("0.6");
    made.min_rows = 1000;
    mlg_judge(&evidence, MLG_AT_LEAST, &limit, &made, &judgement);
    assert_int_equal(judgement.rows_needed, 10000);
    assert_string_equal(judgement.reason, "only 800 of 8,000 rows count; min_rows asks for 1,000");
    evidence.of_queries = true;
    mlg_judge(&evidence, MLG_AT_LEAST, &limit, &made, &judgement);
    assert_string_equal(judgement.reason, "only 800 queries; min_rows asks for 1,000");
}

/* Every choice of `interval:` is a method. */
static void every_choice_of_interval_is_known(void **state)
{
    (void)state;
    const struct mlg_param *row = mlg_params_find(mlg_settings_params, "interval");
    assert_non_null(row);
    struct mlg_settings made = settings(INTERVAL);
    for (made.interval = 0; row->choices[made.interval]; made.interval++)
        assert_true(mlg_settings_method(&made) >= 0);
    assert_true(made.interval > 1);
}

/* ---- floors, counts, probabilities -------------------------------------------------------------- */

static void too_few_rows_are_inconclusive_either_way(void **state)
{
    (void)state;
    struct mlg_evidence evidence = proportion(12, 12);
    struct mlg_decimal limit = decimal("0.5");
    for (int decide = INTERVAL; decide <= POINT; decide++) {
        struct mlg_settings made = settings(decide);
        struct mlg_judgement judgement;
        made.min_rows = 1200;
        mlg_judge(&evidence, MLG_AT_LEAST, &limit, &made, &judgement);
        assert_int_equal(judgement.verdict, MLG_INCONCLUSIVE);
        assert_string_equal(judgement.reason, "only 12 rows; min_rows asks for 1,200");
        assert_int_equal(judgement.rows_needed, 1200);
        made.min_rows = 12;
        mlg_judge(&evidence, MLG_AT_LEAST, &limit, &made, &judgement);
        assert_int_equal(judgement.verdict, MLG_PASS);
    }
}

static void a_count_is_decided_exactly(void **state)
{
    (void)state;
    struct mlg_evidence evidence = {.kind = MLG_EXACT_VALUE,
                                    .value = 100,
                                    .numerator = 100,
                                    .denominator = 1,
                                    .n = 100,
                                    .maximum = INFINITY};
    struct mlg_settings made = settings(INTERVAL);
    made.min_rows = 1000;
    struct mlg_decimal limit = decimal("100");
    struct mlg_judgement judgement;
    mlg_judge(&evidence, MLG_AT_LEAST, &limit, &made, &judgement);
    assert_int_equal(judgement.verdict, MLG_PASS);
    assert_string_equal(judgement.decided_by, "exact");
    mlg_judge(&evidence, MLG_ABOVE, &limit, &made, &judgement);
    assert_int_equal(judgement.verdict, MLG_FAIL);
    assert_string_equal(judgement.reason, "the value is not above the limit");
}

static void the_fail_probability_is_the_p_value(void **state)
{
    (void)state;
    /* 0.7 with error 0.1 against 1: z = 3 */
    struct mlg_judgement judgement = judge(normal(0.7, 0.1, 50), MLG_AT_LEAST, "1", INTERVAL);
    assert_int_equal(judgement.verdict, MLG_FAIL);
    assert_true(fabs(judgement.fail_probability / mlg_normal_cdf(-3) - 1) < 1e-5);
    judgement = judge(normal(2, 0.1, 50), MLG_AT_MOST, "1", INTERVAL);
    assert_int_equal(judgement.verdict, MLG_FAIL);
    assert_true(judgement.fail_probability <= 1e-15);
    judgement = judge(normal(1.1, 0.1, 50), MLG_AT_MOST, "1", INTERVAL);
    assert_int_equal(judgement.verdict, MLG_INCONCLUSIVE);
    assert_true(judgement.fail_probability == 1);
}

static void rows_needed_follow_the_square_root(void **state)
{
    (void)state;
    /* 1.1 -+ 1.64485 * 0.1 / sqrt(m) leaves 1 at m = 2.7055 */
    struct mlg_judgement judgement = judge(normal(1.1, 0.1, 1000), MLG_AT_LEAST, "1", INTERVAL);
    assert_int_equal(judgement.rows_needed, 2800);
    /* 1.00001: m = 2.7e8, more than a million times */
    judgement = judge(normal(1.00001, 0.1, 1000), MLG_AT_LEAST, "1", INTERVAL);
    assert_int_equal(judgement.verdict, MLG_INCONCLUSIVE);
    assert_int_equal(judgement.rows_needed, 0);
    assert_string_equal(judgement.reason, "cannot tell; not even a million times as many rows would decide");
    /* 1.00018: m = 835000, less */
    judgement = judge(normal(1.00018, 0.1, 1000), MLG_AT_LEAST, "1", INTERVAL);
    assert_true(judgement.rows_needed >= 830000000 && judgement.rows_needed <= 850000000);
}

static int only_once(const void *state, double confidence, double multiplier, double *lower, double *upper)
{
    (void)state, (void)confidence;
    *lower = 0.4;
    *upper = 0.6;
    return multiplier != 1;
}

static void rows_needed_are_unknown_where_the_metric_cannot_tell(void **state)
{
    (void)state;
    struct mlg_evidence evidence = normal(0.5, 0, 10);
    evidence.kind = MLG_BOUNDS;
    evidence.method = MLG_METHOD_ORDER;
    evidence.bounds = only_once;
    struct mlg_judgement judgement = judge(evidence, MLG_AT_LEAST, "0.45", INTERVAL);
    assert_int_equal(judgement.verdict, MLG_INCONCLUSIVE);
    assert_int_equal(judgement.rows_needed, 0);
    assert_int_equal(judge(evidence, MLG_AT_LEAST, "0.4", INTERVAL).verdict, MLG_PASS);
    assert_int_equal(judge(evidence, MLG_ABOVE, "0.4", INTERVAL).verdict, MLG_INCONCLUSIVE);
    assert_int_equal(judge(evidence, MLG_ABOVE, "0.6", INTERVAL).verdict, MLG_FAIL);
    assert_int_equal(judge(evidence, MLG_AT_LEAST, "0.6", INTERVAL).verdict, MLG_INCONCLUSIVE);
    assert_int_equal(judge(evidence, MLG_AT_MOST, "0.6", INTERVAL).verdict, MLG_PASS);
    assert_int_equal(judge(evidence, MLG_BELOW, "0.6", INTERVAL).verdict, MLG_INCONCLUSIVE);
    assert_int_equal(judge(evidence, MLG_BELOW, "0.4", INTERVAL).verdict, MLG_FAIL);
}

/* ---- limits and words --------------------------------------------------------------------------- */

static void limits_that_cannot_hold_or_fail_are_known(void **state)
{
    (void)state;
    static const struct {
        enum mlg_comparator comparator;
        const char *limit;
        enum mlg_limit_kind kind;
    } cases[] = {
        {MLG_AT_LEAST, "1.2", MLG_LIMIT_IMPOSSIBLE},
        {MLG_AT_LEAST, "1", MLG_LIMIT_FAIR},
        {MLG_AT_LEAST, "0.5", MLG_LIMIT_FAIR},
        {MLG_AT_LEAST, "0", MLG_LIMIT_NEVER_FAILS},
        {MLG_AT_LEAST, "-1", MLG_LIMIT_NEVER_FAILS},
        {MLG_ABOVE, "1", MLG_LIMIT_IMPOSSIBLE},
        {MLG_ABOVE, "0", MLG_LIMIT_FAIR},
        {MLG_ABOVE, "-0.1", MLG_LIMIT_NEVER_FAILS},
        {MLG_AT_MOST, "-0.1", MLG_LIMIT_IMPOSSIBLE},
        {MLG_AT_MOST, "0", MLG_LIMIT_FAIR},
        {MLG_AT_MOST, "1", MLG_LIMIT_NEVER_FAILS},
        {MLG_BELOW, "0", MLG_LIMIT_IMPOSSIBLE},
        {MLG_BELOW, "1", MLG_LIMIT_FAIR},
        {MLG_BELOW, "1.1", MLG_LIMIT_NEVER_FAILS},
        {MLG_AT_LEAST, "1.0000000000000001", MLG_LIMIT_IMPOSSIBLE}, /* as a double it is 1 */
        {MLG_AT_MOST, "0.99999999999999999", MLG_LIMIT_FAIR},
        {MLG_AT_LEAST, "-1e-30", MLG_LIMIT_NEVER_FAILS},
        {MLG_NO_COMPARATOR, "7", MLG_LIMIT_FAIR},
    };
    struct mlg_decimal limit;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        limit = decimal(cases[i].limit);
        assert_int_equal(mlg_limit_judge(cases[i].comparator, &limit, 0, 1), cases[i].kind);
    }
    limit = (struct mlg_decimal){.value = NAN};
    assert_int_equal(mlg_limit_judge(MLG_AT_LEAST, &limit, 0, 1), MLG_LIMIT_IMPOSSIBLE);
    limit = decimal("1e300");
    assert_int_equal(mlg_limit_judge(MLG_AT_MOST, &limit, 0, INFINITY), MLG_LIMIT_FAIR);
    limit = decimal("-1");
    assert_int_equal(mlg_limit_judge(MLG_AT_LEAST, &limit, -1, 1), MLG_LIMIT_NEVER_FAILS);
    limit = decimal("-1.00000000000000001");
    assert_int_equal(mlg_limit_judge(MLG_AT_MOST, &limit, -1, 1), MLG_LIMIT_IMPOSSIBLE);
}

static void every_verdict_is_found_by_its_word(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        int exit_code;
    } words[] = {{"pass", 0},  {"fail", 1},   {"inconclusive", 2},
                 {"error", 3}, {"waived", 0}, {"not_applicable", 0}};
    for (int i = 0; i < MLG_VERDICT_COUNT; i++) {
        assert_string_equal(mlg_verdicts[i].word, words[i].word);
        assert_int_equal(mlg_verdicts[i].exit_code, words[i].exit_code);
        assert_int_equal(mlg_verdict_find(words[i].word), i);
        assert_int_equal(strlen(mlg_verdicts[i].symbol), 4);
    }
    assert_int_equal(mlg_verdict_find("passed"), -1);
}

static void the_worst_verdict_decides_the_suite(void **state)
{
    (void)state;
    static const enum mlg_verdict order[] = {MLG_FAIL, MLG_VERDICT_ERROR, MLG_INCONCLUSIVE, MLG_PASS};
    for (size_t i = 0; i < 4; i++)
        for (size_t j = i; j < 4; j++) {
            assert_int_equal(mlg_verdict_worst(order[i], order[j]), order[i]);
            assert_int_equal(mlg_verdict_worst(order[j], order[i]), order[i]);
        }
    assert_int_equal(mlg_verdict_worst(MLG_WAIVED, MLG_NOT_APPLICABLE), MLG_PASS);
    assert_int_equal(mlg_verdict_worst(MLG_WAIVED, MLG_INCONCLUSIVE), MLG_INCONCLUSIVE);
}

int main(void)
{
    static const struct CMUnitTest plain[] = {
        cmocka_unit_test(undefined_is_an_error_with_its_reason),
        cmocka_unit_test(a_long_reason_is_cut),
        cmocka_unit_test(nan_and_infinity_never_pass),
        cmocka_unit_test(without_a_comparator_nothing_passes),
        cmocka_unit_test(without_an_interval_only_the_point_decides),
        cmocka_unit_test(a_method_that_does_not_fit_is_named),
        cmocka_unit_test(the_method_of_the_settings_is_used),
        cmocka_unit_test(rows_needed_are_rows_of_the_slice),
        cmocka_unit_test(every_choice_of_interval_is_known),
        cmocka_unit_test(too_few_rows_are_inconclusive_either_way),
        cmocka_unit_test(a_count_is_decided_exactly),
        cmocka_unit_test(the_fail_probability_is_the_p_value),
        cmocka_unit_test(rows_needed_follow_the_square_root),
        cmocka_unit_test(rows_needed_are_unknown_where_the_metric_cannot_tell),
        cmocka_unit_test(limits_that_cannot_hold_or_fail_are_known),
        cmocka_unit_test(every_verdict_is_found_by_its_word),
        cmocka_unit_test(the_worst_verdict_decides_the_suite),
    };
    static struct CMUnitTest tests[COUNT(rows) + COUNT(plain)];
    size_t count = 0;
    NAMED_ROWS(tests, count, rows, the_row_holds);
    for (size_t i = 0; i < COUNT(plain); i++)
        tests[count++] = plain[i];
    return _cmocka_run_group_tests("verdict", tests, count, NULL, NULL);
}
