/* Exact sums against rational arithmetic (tests/oracles/sums.py), and what is computed from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/sum.h"
#include "named_rows.h"

#ifndef MLG_SOURCE_DIR
#define MLG_SOURCE_DIR "."
#endif

/* ---- the oracle's cases -------------------------------------------------------------------------- */

struct sum_case {
    char sentence[128];
    bool product;
    size_t count;
    double high, low;
    double *a, *b;
};

enum { MOST_CASES = 64 };
static struct sum_case cases[MOST_CASES];
static size_t case_count;

static void read_cases(void)
{
    FILE *file = fopen(MLG_SOURCE_DIR "/tests/oracles/sums.txt", "r");
    char kind[16], high[64], low[64];
    if (!file)
        return;
    struct sum_case *c = cases;
    while (case_count < MOST_CASES && fscanf(file, "case %15s %zu %63s %63s %127[^\n]\n", kind, &c->count,
                                             high, low, c->sentence) == 5) {
        c->product = strcmp(kind, "product") == 0;
        c->high = strtod(high, NULL);
        c->low = strtod(low, NULL);
        c->a = calloc(c->count, sizeof *c->a);
        c->b = calloc(c->count, sizeof *c->b);
        for (size_t i = 0; i < c->count; i++)
            if (!c->a || !c->b || fscanf(file, c->product ? "%la %la\n" : "%la\n", c->a + i, c->b + i) < 1) {
                fclose(file);
                return;
            }
        case_count++;
        c++;
    }
    fclose(file);
}

static void add(struct mlg_sum *sum, const struct sum_case *c, size_t i)
{
    if (c->product)
        mlg_sum_add_product(sum, c->a[i], c->b[i]);
    else
        mlg_sum_add(sum, c->a[i]);
}

static void assert_same_bits(double actual, double expected)
{
    if (actual != expected || signbit(actual) != signbit(expected))
        fail_msg("%a (%.17g) is not %a (%.17g)", actual, actual, expected, expected);
}

static void assert_sum(const struct mlg_sum *sum, const struct sum_case *c)
{
    assert_same_bits(mlg_sum_round(sum), c->high);
    const struct mlg_double2 both = mlg_sum_double2(sum);
    assert_same_bits(both.high, c->high);
    assert_true(both.low == c->low);
}

static uint64_t random_state;

static size_t random_below(size_t limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)(random_state >> 33) % limit;
}

static void test_rounds_exactly(void **state)
{
    const struct sum_case *c = *state;
    struct mlg_sum sum = {0};
    for (size_t i = 0; i < c->count; i++)
        add(&sum, c, i);
    assert_sum(&sum, c);
}

/* Shuffled, dealt to three sums, merged in either order: the same bytes. */
static void test_order_and_shards_leave_no_trace(void **state)
{
    const struct sum_case *c = *state;
    struct mlg_sum straight = {0}, once = {0};
    size_t *order = calloc(c->count, sizeof *order);
    assert_non_null(order);
    for (size_t i = 0; i < c->count; i++) {
        add(&once, c, i);
        order[i] = i;
    }
    mlg_sum_merge(&straight, &once);
    random_state = c->count;
    for (int round = 0; round < 4; round++) {
        struct mlg_sum shards[3] = {{{0}, 0}}, merged = {0};
        for (size_t i = c->count; i > 1; i--) {
            const size_t j = random_below(i), kept = order[i - 1];
            order[i - 1] = order[j];
            order[j] = kept;
        }
        for (size_t i = 0; i < c->count; i++)
            add(&shards[random_below(3)], c, order[i]);
        for (int k = 0; k < 3; k++)
            mlg_sum_merge(&merged, &shards[round % 2 ? k : 2 - k]);
        assert_sum(&merged, c);
        assert_memory_equal(&merged, &straight, sizeof merged);
    }
    free(order);
}

/* Bulk additions, into one sum and into groups. */
static void test_bulk_is_the_same(void **state)
{
    const struct sum_case *c = *state;
    struct mlg_sum one[1] = {{{0}, 0}}, groups[3] = {{{0}, 0}}, merged = {0}, alone = {0};
    uint32_t *index = calloc(c->count, sizeof *index);
    assert_non_null(index);
    for (size_t i = 0; i < c->count; i++)
        index[i] = (uint32_t)(i % 2);
    if (c->product) {
        mlg_sum_add_products(one, 1, NULL, c->a, c->b, c->count);
        mlg_sum_add_products(groups, 2, index, c->a, c->b, c->count);
    } else {
        mlg_sum_add_each(one, 1, NULL, c->a, c->count);
        mlg_sum_add_each(groups, 2, index, c->a, c->count);
    }
    assert_sum(one, c);
    static const struct mlg_sum empty;
    assert_memory_equal(&groups[1], &empty, sizeof empty); /* stride 2 leaves it out */
    mlg_sum_merge(&merged, &groups[0]);
    mlg_sum_merge(&merged, &groups[2]);
    mlg_sum_merge(&alone, one);
    assert_memory_equal(&merged, &alone, sizeof merged);
    free(index);
}

/* ---- variance of NIST's data (methods D8) -------------------------------------------------------- */

/* First value, then a pair of values `pairs` times, or three values. The standard deviation is that of the
 * doubles as stored: for NumAcc4 it differs from the certified 0.1 in the tenth digit. */
static const struct accuracy {
    const char *sentence;
    double first, second, third;
    int pairs;
    double mean, deviation;
} accuracies[] = {
    {"NIST NumAcc1: mean and deviation", 10000001, 10000003, 10000002, 0, 10000002, 1},
    {"NIST NumAcc2: mean and deviation", 1.2, 1.1, 1.3, 500, 1.2, 0.1},
    {"NIST NumAcc3: mean and deviation", 1000000.2, 1000000.1, 1000000.3, 500, 1000000.2, 0.1},
    {"NIST NumAcc4: mean and deviation", 10000000.2, 10000000.1, 10000000.3, 500, 10000000.2,
     0.10000000055879354},
};

static void test_accuracy(void **state)
{
    const struct accuracy *row = *state;
    struct mlg_sum sum = {0}, squares = {0};
    const int pairs = row->pairs ? row->pairs : 1;
    double n = 0;
    for (int i = 0; i < 1 + 2 * pairs; i++) {
        const double x = i == 0 ? row->first : i % 2 ? row->second : row->third;
        mlg_sum_add(&sum, x);
        mlg_sum_add_product(&squares, x, x);
        n++;
    }
    const struct mlg_double2 s = mlg_sum_double2(&sum), count = mlg_double2_of(n);
    const struct mlg_double2 mean = mlg_double2_divide(s, count);
    const struct mlg_double2 deviations =
        mlg_double2_subtract(mlg_sum_double2(&squares), mlg_double2_multiply(s, mean));
    const struct mlg_double2 variance = mlg_double2_divide(deviations, mlg_double2_of(n - 1));
    /* NumAcc3's doubles deviate from the certified decimals in the ninth digit. */
    const double tolerance = row->deviation == 0.1 && row->mean > 1000 ? 1e-9 : 1e-14;
    assert_true(fabs(mean.high - row->mean) <= 1e-15 * row->mean);
    assert_true(fabs(sqrt(variance.high) - row->deviation) <= tolerance * row->deviation);
}

/* ---- double-double ------------------------------------------------------------------------------- */

static void test_double2_keeps_what_a_double_loses(void **state)
{
    (void)state;
    const struct mlg_double2 one = mlg_double2_of(1), tiny = mlg_double2_of(0x1p-90);
    const struct mlg_double2 sum = mlg_double2_add(one, tiny);
    assert_same_bits(mlg_double2_subtract(sum, one).high, 0x1p-90);
    /* (1 + t)^2 = 1 + 2t + t^2, and t^2 is far below */
    const struct mlg_double2 square = mlg_double2_multiply(sum, sum);
    assert_same_bits(mlg_double2_subtract(square, one).high, 0x1p-89);
    /* a third three times is 1 to 2^-100 */
    const struct mlg_double2 third = mlg_double2_divide(one, mlg_double2_of(3));
    const struct mlg_double2 back = mlg_double2_subtract(mlg_double2_multiply(third, mlg_double2_of(3)), one);
    assert_true(fabs(back.high) < 0x1p-100);
    assert_same_bits(third.high, 1.0 / 3);
    assert_true(third.low != 0);
}

static void test_double2_infinities_are_no_nan(void **state)
{
    (void)state;
    const struct mlg_double2 big = mlg_double2_of(1e308), infinite = mlg_double2_of(INFINITY);
    assert_same_bits(mlg_double2_add(big, big).high, INFINITY);
    assert_same_bits(mlg_double2_multiply(big, big).high, INFINITY);
    assert_same_bits(mlg_double2_add(infinite, big).high, INFINITY);
    assert_same_bits(mlg_double2_divide(big, mlg_double2_of(0)).high, INFINITY);
    assert_same_bits(mlg_double2_divide(big, infinite).high, 0);
    assert_same_bits(mlg_double2_add(big, big).low, 0);
}

/* ---- limits -------------------------------------------------------------------------------------- */

static void test_a_product_beyond_the_doubles_makes_the_sum_infinite(void **state)
{
    (void)state;
    struct mlg_sum sum = {0}, other = {0}, merged = {0};
    mlg_sum_add_product(&sum, 1e200, -1e200);
    mlg_sum_add(&sum, 1);
    assert_same_bits(mlg_sum_round(&sum), -INFINITY);
    mlg_sum_merge(&merged, &other);
    mlg_sum_merge(&merged, &sum);
    assert_same_bits(mlg_sum_round(&merged), -INFINITY);
    mlg_sum_add_product(&merged, 1e200, 1e200);
    assert_true(isnan(mlg_sum_round(&merged)));
}

static void test_many_additions_do_not_wrap(void **state)
{
    (void)state;
    /* The greatest mantissa at the greatest shift, often enough to cross many carries. */
    struct mlg_sum sum = {0};
    const double x = 0x1.fffffffffffffp+8;
    double block[1000];
    for (size_t i = 0; i < 1000; i++)
        block[i] = x;
    for (size_t i = 0; i < 1000; i++)
        mlg_sum_add_each(&sum, 1, NULL, block, 1000);
    for (size_t i = 0; i < 1000; i++) {
        mlg_sum_add(&sum, x);
        mlg_sum_add_product(&sum, x, 1);
    }
    assert_same_bits(mlg_sum_round(&sum), x * 1002000); /* 53 + 20 bits: exact but for one rounding */
}

int main(void)
{
    static struct CMUnitTest tests[3 * MOST_CASES + 32];
    static char names[3 * MOST_CASES][192];
    static const struct {
        const char *of;
        CMUnitTestFunction function;
    } views[] = {
        {"rounds exactly", test_rounds_exactly},
        {"order and shards leave no trace", test_order_and_shards_leave_no_trace},
        {"in bulk, in groups", test_bulk_is_the_same},
    };
    size_t count = 0;
    read_cases();
    if (case_count < 20) {
        fprintf(stderr, "tests/oracles/sums.txt is not there or not whole\n");
        return 1;
    }
    for (size_t i = 0; i < case_count; i++)
        for (size_t v = 0; v < COUNT(views); v++) {
            snprintf(names[count], sizeof names[count], "%.127s: %s", cases[i].sentence, views[v].of);
            tests[count] = (struct CMUnitTest){names[count], views[v].function, NULL, NULL, &cases[i]};
            count++;
        }
    NAMED_ROWS(tests, count, accuracies, test_accuracy);
    const struct CMUnitTest others[] = {
        {"double-double keeps what a double loses", test_double2_keeps_what_a_double_loses, NULL, NULL, NULL},
        {"double-double infinities are no NaN", test_double2_infinities_are_no_nan, NULL, NULL, NULL},
        {"a product beyond the doubles makes the sum infinite",
         test_a_product_beyond_the_doubles_makes_the_sum_infinite, NULL, NULL, NULL},
        {"many additions do not wrap", test_many_additions_do_not_wrap, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(others); i++)
        tests[count++] = others[i];
    const int failed = _cmocka_run_group_tests("sum", tests, count, NULL, NULL);
    for (size_t i = 0; i < case_count; i++) {
        free(cases[i].a);
        free(cases[i].b);
    }
    return failed;
}
