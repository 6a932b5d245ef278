/* Distribution functions against tests/oracles/distribution.txt (mpmath, 40 digits). */
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
#include "named_rows.h"

#ifndef MLG_SOURCE_DIR
#define MLG_SOURCE_DIR "."
#endif

struct row {
    char name[160];
    char function[32];
    double argument[3];
    double expected;
};

static const double tolerance = 1e-13;

static double value_of(const struct row *row)
{
    const double *a = row->argument;
    if (strcmp(row->function, "normal_cdf") == 0)
        return mlg_normal_cdf(a[0]);
    if (strcmp(row->function, "normal_quantile") == 0)
        return mlg_normal_quantile(a[0]);
    if (strcmp(row->function, "log_gamma") == 0)
        return mlg_log_gamma(a[0]);
    if (strcmp(row->function, "beta_cdf") == 0)
        return mlg_beta_cdf(a[0], a[1], a[2]);
    if (strcmp(row->function, "beta_quantile") == 0)
        return mlg_beta_quantile(a[0], a[1], a[2]);
    if (strcmp(row->function, "t_cdf") == 0)
        return mlg_t_cdf(a[0], a[1]);
    if (strcmp(row->function, "t_quantile") == 0)
        return mlg_t_quantile(a[0], a[1]);
    return NAN;
}

static void agrees_with_the_reference(void **state)
{
    const struct row *row = *state;
    double value = value_of(row), miss = fabs(value - row->expected);
    if (!(miss <= tolerance * fabs(row->expected)))
        fail_msg("%s: %.17g instead of %.17g, relative %.2g", row->name, value, row->expected,
                 miss / fabs(row->expected));
}

static void arguments_out_of_range_give_nan(void **state)
{
    (void)state;
    assert_true(isnan(mlg_normal_quantile(-0.1)));
    assert_true(isnan(mlg_normal_quantile(1.1)));
    assert_true(isnan(mlg_normal_quantile(NAN)));
    assert_true(isnan(mlg_t_quantile(0.9, 0)));
    assert_true(isnan(mlg_t_quantile(NAN, 3)));
    assert_true(isnan(mlg_t_cdf(1, -1)));
    assert_true(isnan(mlg_beta_cdf(1.5, 1, 1)));
    assert_true(isnan(mlg_beta_cdf(0.5, 0, 1)));
    assert_true(isnan(mlg_beta_quantile(0.5, 1, NAN)));
    assert_true(isnan(mlg_log_gamma(0)));
    assert_true(isnan(mlg_log_gamma(-1.5)));
}

static void the_ends_are_exact(void **state)
{
    (void)state;
    assert_true(mlg_normal_quantile(0.5) == 0);
    assert_true(mlg_normal_quantile(0) == -INFINITY);
    assert_true(mlg_normal_quantile(1) == INFINITY);
    assert_true(mlg_t_quantile(0.5, 7) == 0);
    assert_true(mlg_t_cdf(0, 7) == 0.5);
    assert_true(mlg_t_quantile(0.975, INFINITY) == mlg_normal_quantile(0.975));
    assert_true(mlg_beta_cdf(0, 2, 3) == 0);
    assert_true(mlg_beta_cdf(1, 2, 3) == 1);
    assert_true(mlg_beta_quantile(0, 2, 3) == 0);
    assert_true(mlg_beta_quantile(1, 2, 3) == 1);
    assert_true(mlg_log_gamma(1) == 0);
    assert_true(mlg_log_gamma(2) == 0);
}

static void huge_parameters_come_back_at_once(void **state)
{
    (void)state;
    double x = mlg_beta_quantile(0.05, 9e12, 1e12);
    assert_true(fabs(x - 0.9) < 1e-5);
    assert_true(fabs(mlg_beta_cdf(x, 9e12, 1e12) - 0.05) < 1e-9);
    assert_true(fabs(mlg_t_quantile(0.975, 1e12) - 1.959963984540054) < 1e-10);
}

static size_t read_rows(const char *path, struct row *rows, size_t most)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    char line[256];
    size_t count = 0;
    while (count < most && fgets(line, sizeof line, file)) {
        struct row *row = &rows[count];
        int used = 0;
        if (sscanf(line, "%31s%n", row->function, &used) != 1)
            continue;
        double number[4];
        size_t numbers = 0;
        for (char *at = line + used, *end; numbers < 4; at = end) {
            number[numbers] = strtod(at, &end);
            if (end == at)
                break;
            numbers++;
        }
        for (size_t i = 0; i + 1 < numbers; i++)
            row->argument[i] = number[i];
        row->expected = number[numbers - 1];
        line[strcspn(line, "\n")] = 0;
        snprintf(row->name, sizeof row->name, "%.150s", line);
        count++;
    }
    fclose(file);
    return count;
}

int main(void)
{
    enum { MOST = 2000 };
    static struct row rows[MOST];
    static struct CMUnitTest tests[MOST + 3];
    size_t count = read_rows(MLG_SOURCE_DIR "/tests/oracles/distribution.txt", rows, MOST), n = 0;
    if (count < 400) {
        fprintf(stderr, "tests/oracles/distribution.txt is missing or short\n");
        return 1;
    }
    NAMED_ROWS_READ(tests, n, rows, count, agrees_with_the_reference);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(arguments_out_of_range_give_nan);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(the_ends_are_exact);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(huge_parameters_come_back_at_once);
    return _cmocka_run_group_tests("distribution", tests, n, NULL, NULL);
}
