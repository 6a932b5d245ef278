/* Two samples against each other. Numbers: Newcombe 1998 II, Nam 1995, R's PropCIs and ratesci (as their
 * tests print them), Fisher's p from R's fisher.test by way of SciPy's tests; the others computed with 40
 * digits. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mlgate/contrast.h"
#include "named_rows.h"

typedef struct mlg_limits (*method)(struct mlg_rate a, struct mlg_rate b, double confidence);

struct row {
    const char *name;
    method method;
    double x1, n1, x2, n2, lower, upper, tolerance; /* two-sided 95 %: each bound at 0.975 */
};

static const struct row rows[] = {
    {"newcombe: contrast a, 56/70 and 48/80", mlg_newcombe, 56, 70, 48, 80, 0.0524314724023649,
     0.333872654036906, 1e-12},
    {"newcombe: contrast c, 6/7 and 2/7", mlg_newcombe, 6, 7, 2, 7, 0.0582279274823122, 0.806249637524228,
     1e-12},
    {"newcombe: contrast d, 5/56 and 0/29", mlg_newcombe, 5, 56, 0, 29, -0.0381371479035369,
     0.192560013855112, 1e-12},
    {"newcombe: contrast d as printed", mlg_newcombe, 5, 56, 0, 29, -0.0381, 0.1926, 5e-5},
    {"newcombe: contrast f, nothing in both", mlg_newcombe, 0, 10, 0, 10, -0.277532799862889,
     0.277532799862889, 1e-12},
    {"newcombe: contrast h, all and nothing", mlg_newcombe, 10, 10, 0, 10, 0.607509350430524, 1, 1e-12},
    {"newcombe: 7/34 and 1/34", mlg_newcombe, 7, 34, 1, 34, 0.018921443885773, 0.340368687032707, 1e-12},
    {"miettinen and nurminen: contrast a", mlg_miettinen_nurminen, 56, 70, 48, 80, 0.0528297132458446,
     0.338172940015868, 1e-9},
    {"miettinen and nurminen: contrast c", mlg_miettinen_nurminen, 6, 7, 2, 7, 0.0341755450843644,
     0.85340525989742, 1e-9},
    {"miettinen and nurminen: contrast d", mlg_miettinen_nurminen, 5, 56, 0, 29, -0.0325965617435138,
     0.193330976690881, 1e-9},
    {"miettinen and nurminen: contrast f", mlg_miettinen_nurminen, 0, 10, 0, 10, -0.287933941282012,
     0.287933941282012, 1e-9},
    {"miettinen and nurminen: contrast h", mlg_miettinen_nurminen, 10, 10, 0, 10, 0.663641551894767, 1, 1e-9},
    {"miettinen and nurminen: 7/34 and 1/34", mlg_miettinen_nurminen, 7, 34, 1, 34, 0.0270416265834468,
     0.345291216966224, 1e-9},
    {"katz: 7/34 and 1/34", mlg_katz, 7, 34, 1, 34, 0.909605511842077, 53.8695064641465, 1e-12},
    {"katz: 36/40 and 16/80", mlg_katz, 36, 40, 16, 80, 2.86855019860348, 7.05931519338879, 1e-12},
    {"katz: 6/10 and 6/20", mlg_katz, 6, 10, 6, 20, 0.864106494416172, 4.62905906372405, 1e-12},
    {"koopman: 7/34 and 1/34", mlg_koopman, 7, 34, 1, 34, 1.22085285351481, 42.5757176097604, 1e-9},
    {"koopman: 36/40 and 16/80", mlg_koopman, 36, 40, 16, 80, 2.93956919221499, 7.15222343486603, 1e-9},
    {"koopman: 36/40 and 16/80 as Nam printed it", mlg_koopman, 36, 40, 16, 80, 2.940, 7.152, 5e-4},
    {"koopman: 6/10 and 6/20", mlg_koopman, 6, 10, 6, 20, 0.843535076544428, 4.59407869655907, 1e-9},
    {"koopman: 29/55 and 11/11", mlg_koopman, 29, 55, 11, 11, 0.397915443552261, 0.738923351002431, 1e-9},
};

static void bounds_agree_with_the_reference(void **state)
{
    const struct row *row = *state;
    const struct mlg_limits limits =
        row->method((struct mlg_rate){row->x1, row->n1}, (struct mlg_rate){row->x2, row->n2}, 0.975);
    if (fabs(limits.lower - row->lower) > row->tolerance * fmax(1, fabs(row->lower)) ||
        fabs(limits.upper - row->upper) > row->tolerance * fmax(1, fabs(row->upper)))
        fail_msg("[%.15g, %.15g] instead of [%.15g, %.15g]", limits.lower, limits.upper, row->lower,
                 row->upper);
}

static const struct mlg_rate none = {0, 20}, some = {7, 20}, all = {20, 20};

static void a_ratio_is_unbounded_where_nothing_happened_in_the_second(void **state)
{
    (void)state;
    const method ratios[] = {mlg_koopman, mlg_katz};
    for (size_t i = 0; i < 2; i++) {
        const struct mlg_limits limits = ratios[i](some, none, 0.95);
        assert_true(isinf(limits.value) && isinf(limits.upper) && limits.lower >= 0 &&
                    isfinite(limits.lower));
    }
    assert_true(mlg_koopman(some, none, 0.95).lower > 1);
}

static void nothing_of_nothing_has_no_ratio(void **state)
{
    (void)state;
    const struct mlg_limits limits = mlg_koopman(none, none, 0.95);
    assert_true(isnan(limits.value) && limits.lower == 0 && isinf(limits.upper));
}

static void a_ratio_of_nothing_to_something_is_bounded_above(void **state)
{
    (void)state;
    const struct mlg_limits limits = mlg_koopman(none, some, 0.95);
    assert_true(limits.value == 0 && limits.lower == 0 && limits.upper > 0 && limits.upper < 1);
}

/* Swapping the groups mirrors a difference and turns a ratio upside down. */
static void swapping_the_groups_turns_the_interval(void **state)
{
    (void)state;
    const struct mlg_rate pairs[][2] = {{{7, 34}, {1, 34}}, {{50, 60}, {80, 90}}, {{3, 10}, {400, 1000}}};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const struct mlg_rate a = pairs[i][0], b = pairs[i][1];
        struct mlg_limits one = mlg_newcombe(a, b, 0.95), other = mlg_newcombe(b, a, 0.95);
        assert_true(fabs(one.lower + other.upper) < 1e-12);
        one = mlg_miettinen_nurminen(a, b, 0.95), other = mlg_miettinen_nurminen(b, a, 0.95);
        assert_true(fabs(one.lower + other.upper) < 1e-9);
        one = mlg_koopman(a, b, 0.95), other = mlg_koopman(b, a, 0.95);
        assert_true(fabs(one.lower * other.upper - 1) < 1e-9);
    }
}

/* The bound is above a hypothesis exactly where the score rejects it. */
static void a_score_decides_as_its_bound_does(void **state)
{
    (void)state;
    const double z = 1.6448536269514722;
    size_t decided = 0;
    for (double x1 = 0; x1 <= 12; x1++)
        for (double x2 = 0; x2 <= 15; x2++) {
            const struct mlg_rate a = {x1, 12}, b = {x2, 15};
            const struct mlg_limits ratio = mlg_koopman(a, b, 0.95),
                                    difference = mlg_miettinen_nurminen(a, b, 0.95);
            assert_int_equal(ratio.lower > 0.8, mlg_koopman_score(a, b, 0.8) > z);
            assert_int_equal(ratio.upper < 0.8, mlg_koopman_score(a, b, 0.8) < -z);
            assert_int_equal(difference.lower > -0.1, mlg_miettinen_nurminen_score(a, b, -0.1) > z);
            assert_int_equal(difference.upper < -0.1, mlg_miettinen_nurminen_score(a, b, -0.1) < -z);
            decided += ratio.lower > 0.8 || ratio.upper < 0.8;
        }
    assert_true(decided > 50);
}

/* A difference of rates from Wilson's bounds is Newcombe's; a ratio is where a - R b is bounded by 0. */
static void bounds_of_a_contrast_come_from_each_ones_own(void **state)
{
    (void)state;
    const struct mlg_rate a = {30, 80}, b = {45, 90};
    const struct mlg_limits la = mlg_wilson(a, 0.95), lb = mlg_wilson(b, 0.95);
    const struct mlg_limits ratio = mlg_mover_ratio(la, lb), newcombe = mlg_newcombe(a, b, 0.95);
    assert_true(mlg_mover_difference(la, lb).lower == newcombe.lower);
    const double bounds[] = {ratio.lower, ratio.upper};
    for (int i = 0; i < 2; i++) {
        const double r = bounds[i];
        const struct mlg_limits scaled = {r * lb.value, r * lb.lower, r * lb.upper};
        const struct mlg_limits difference = mlg_mover_difference(la, scaled);
        assert_true(fabs(i ? difference.upper : difference.lower) < 1e-12);
    }
    assert_true(ratio.lower < ratio.value && ratio.value < ratio.upper);
}

static void a_ratio_from_bounds_knows_its_ends(void **state)
{
    (void)state;
    const struct mlg_limits zero = {0, 0, 0.15}, some_limits = {0.4, 0.2, 0.6};
    assert_true(mlg_mover_ratio(zero, some_limits).lower == 0);
    assert_true(mlg_mover_ratio(zero, some_limits).upper > 0);
    assert_true(isinf(mlg_mover_ratio(some_limits, zero).upper));
    assert_true(mlg_mover_ratio(some_limits, zero).lower > 1);
}

/* What may be below 0, over what is not, may be below 0 too. */
static void mover_ratio_of_what_may_be_negative(void **state)
{
    (void)state;
    const struct mlg_limits low = {0.1, -0.3, 0.4}, some_limits = {0.5, 0.2, 0.7}, near_zero = {0.5, 0, 1.2};
    const struct mlg_limits ratio = mlg_mover_ratio(low, some_limits);
    const double r = ratio.lower;
    const struct mlg_limits scaled = {r * some_limits.value, r * some_limits.upper, r * some_limits.lower};
    assert_true(r < 0);
    assert_true(fabs(mlg_mover_difference(low, scaled).lower) < 1e-12);
    assert_true(isinf(mlg_mover_ratio(low, near_zero).lower));
}

/* scipy.stats.tests: Fisher's tables, p from R. */
static void fisher_agrees_with_r(void **state)
{
    (void)state;
    const struct {
        double a, b, c, d, p;
    } tables[] = {{100, 2, 1000, 5, 0.1300759363430016},
                  {2, 7, 8, 2, 0.02301413756522116},
                  {5, 1, 10, 10, 0.1973244147157191},
                  {5, 15, 20, 20, 0.09580440012477633},
                  {5, 16, 16, 25, 0.2697004098849359},
                  {10, 5, 10, 1, 0.1973244147157192},
                  {10, 5, 10, 0, 0.06126482213438735},
                  {5, 0, 1, 4, 0.04761904761904762},
                  {0, 5, 1, 4, 1.0},
                  {0, 1, 3, 2, 1.0}};
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        const double p = mlg_fisher_exact((struct mlg_rate){tables[i].a, tables[i].a + tables[i].b},
                                          (struct mlg_rate){tables[i].c, tables[i].c + tables[i].d});
        if (fabs(p - tables[i].p) > 1e-10)
            fail_msg("table %zu: %.15g instead of %.15g", i, p, tables[i].p);
    }
}

static void equal_rates_have_no_z(void **state)
{
    (void)state;
    assert_true(mlg_pooled_z(none, none) == 0 && mlg_pooled_z(all, all) == 0);
    /* (0.5 - 0.25) / sqrt(0.375 * 0.625 * (1/40 + 1/40)) */
    assert_true(fabs(mlg_pooled_z((struct mlg_rate){20, 40}, (struct mlg_rate){10, 40}) - 2.3094010767585) <
                1e-12);
}

int main(void)
{
    static const struct CMUnitTest plain[] = {
        cmocka_unit_test(a_ratio_is_unbounded_where_nothing_happened_in_the_second),
        cmocka_unit_test(nothing_of_nothing_has_no_ratio),
        cmocka_unit_test(a_ratio_of_nothing_to_something_is_bounded_above),
        cmocka_unit_test(swapping_the_groups_turns_the_interval),
        cmocka_unit_test(a_score_decides_as_its_bound_does),
        cmocka_unit_test(bounds_of_a_contrast_come_from_each_ones_own),
        cmocka_unit_test(a_ratio_from_bounds_knows_its_ends),
        cmocka_unit_test(mover_ratio_of_what_may_be_negative),
        cmocka_unit_test(fisher_agrees_with_r),
        cmocka_unit_test(equal_rates_have_no_z),
    };
    static struct CMUnitTest tests[COUNT(rows) + COUNT(plain)];
    size_t count = 0;
    NAMED_ROWS(tests, count, rows, bounds_agree_with_the_reference);
    memcpy(tests + count, plain, sizeof plain);
    return _cmocka_run_group_tests("contrast", tests, count + COUNT(plain), NULL, NULL);
}
