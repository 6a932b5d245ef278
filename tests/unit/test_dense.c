/* OpenBLAS against plain C on matrices of many shapes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/stats/dense.h"

static double next_number(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(int64_t)*state / 9.3e18;
}

static double *numbers(size_t count, uint64_t *state)
{
    double *out = calloc(count + 1, sizeof *out);
    assert_non_null(out);
    for (size_t i = 0; i < count; i++)
        out[i] = next_number(state);
    return out;
}

/* Differences count relative to the largest number. */
static void assert_close(const double *a, const double *b, size_t count)
{
    double largest = 0, difference = 0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs(b[i]));
        difference = fmax(difference, fabs(a[i] - b[i]));
    }
    assert_true(difference <= 1e-10 * largest);
}

static const size_t shapes[][2] = {{1, 1}, {2, 1}, {1, 5}, {7, 3}, {256, 1}, {256, 40}, {513, 64}, {33, 129}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static void sums_over_rows_agree(void **state)
{
    struct mlg_dense blas, plain = mlg_dense_plain();
    struct mlg_error error;
    (void)state;
    assert_int_equal(mlg_dense_open(&blas, &error), MLG_OK);
    for (size_t s = 0; s < SHAPES; s++) {
        const size_t rows = shapes[s][0], columns = shapes[s][1], stride = columns + 3;
        uint64_t seed = 17 + s;
        double *x = numbers(rows * columns, &seed), *v = numbers(rows, &seed), *w = numbers(columns, &seed);
        double *a = numbers(stride * columns, &seed), *b = calloc(stride * columns + 1, sizeof *b);
        assert_non_null(b);
        memcpy(b, a, stride * columns * sizeof *a);
        blas.gram(&blas, rows, columns, -1, x, a, stride);
        plain.gram(&plain, rows, columns, -1, x, b, stride);
        assert_close(a, b, stride * columns);
        double *c = numbers(columns, &seed), *d = calloc(columns + 1, sizeof *d);
        assert_non_null(d);
        memcpy(d, c, columns * sizeof *c);
        blas.transposed(&blas, rows, columns, x, v, c);
        plain.transposed(&plain, rows, columns, x, v, d);
        assert_close(c, d, columns);
        double *e = numbers(rows, &seed), *f = numbers(rows, &seed); /* overwritten */
        blas.times(&blas, rows, columns, x, w, e);
        plain.times(&plain, rows, columns, x, w, f);
        assert_close(e, f, rows);
        free(x), free(v), free(w), free(a), free(b), free(c), free(d), free(e), free(f);
    }
    mlg_dense_close(&blas);
}

static void factors_and_solutions_agree(void **state)
{
    struct mlg_dense blas, plain = mlg_dense_plain();
    struct mlg_error error;
    (void)state;
    assert_int_equal(mlg_dense_open(&blas, &error), MLG_OK);
    for (size_t n = 1; n < 200; n = n * 2 + 1) {
        uint64_t seed = n;
        double *x = numbers(3 * n * n, &seed), *a = calloc(n * n, sizeof *a), *b = calloc(n * n, sizeof *b);
        double *right = numbers(n, &seed), *other = calloc(n, sizeof *other), *back = calloc(n, sizeof *back);
        assert_true(a && b && other && back);
        plain.gram(&plain, 3 * n, n, 1, x, a, n);
        for (size_t i = 0; i < n; i++)
            a[i * n + i] += 1;
        memcpy(b, a, n * n * sizeof *a);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < n; j++)
                back[i] += (j <= i ? a[i * n + j] : a[j * n + i]) * right[j];
        assert_true(blas.factor(&blas, n, a));
        assert_true(plain.factor(&plain, n, b));
        for (size_t i = 0; i < n; i++)
            assert_close(a + i * n, b + i * n, i + 1);
        memcpy(other, back, n * sizeof *back);
        blas.solve(&blas, n, a, back);
        plain.solve(&plain, n, b, other);
        assert_close(back, right, n);
        assert_close(other, right, n);
        free(x), free(a), free(b), free(right), free(other), free(back);
    }
    mlg_dense_close(&blas);
}

static void what_is_not_positive_definite_has_no_factor(void **state)
{
    struct mlg_dense blas, plain = mlg_dense_plain();
    struct mlg_error error;
    double a[4] = {1, 0, 2, 4}, b[4] = {1, 0, 2, 4};
    (void)state;
    assert_int_equal(mlg_dense_open(&blas, &error), MLG_OK);
    assert_false(blas.factor(&blas, 2, a));
    assert_false(plain.factor(&plain, 2, b));
    mlg_dense_close(&blas);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_over_rows_agree),
        cmocka_unit_test(factors_and_solutions_agree),
        cmocka_unit_test(what_is_not_positive_definite_has_no_factor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
