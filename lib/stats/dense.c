/* dense: the door to OpenBLAS, and its plain twin. */
#include "dense.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#include "mlgate/library.h"

#define LIBRARY "libopenblas.so.0"

/* ---- OpenBLAS ------------------------------------------------------------------------------------- */

/* LAPACK's, which OpenBLAS brings along and cblas.h does not declare. */
typedef int dpotrf(const char *triangle, const blasint *n, double *a, const blasint *stride, blasint *info);

struct functions {
    __typeof__(openblas_set_num_threads) *set_threads;
    __typeof__(cblas_dsyrk) *dsyrk;
    __typeof__(cblas_dgemv) *dgemv;
    __typeof__(cblas_dtrsv) *dtrsv;
    dpotrf *dpotrf;
};

static const struct functions *functions_of(const struct mlg_dense *dense)
{
    return dense->functions;
}

static void blas_gram(const struct mlg_dense *dense, size_t rows, size_t columns, double sign,
                      const double *x, double *gram, size_t stride)
{
    functions_of(dense)->dsyrk(CblasRowMajor, CblasLower, CblasTrans, (blasint)columns, (blasint)rows, sign,
                               x, (blasint)columns, 1, gram, (blasint)stride);
}

static void blas_transposed(const struct mlg_dense *dense, size_t rows, size_t columns, const double *x,
                            const double *v, double *out)
{
    functions_of(dense)->dgemv(CblasRowMajor, CblasTrans, (blasint)rows, (blasint)columns, 1, x,
                               (blasint)columns, v, 1, 1, out, 1);
}

static void blas_times(const struct mlg_dense *dense, size_t rows, size_t columns, const double *x,
                       const double *v, double *out)
{
    functions_of(dense)->dgemv(CblasRowMajor, CblasNoTrans, (blasint)rows, (blasint)columns, 1, x,
                               (blasint)columns, v, 1, 0, out, 1);
}

static bool blas_factor(const struct mlg_dense *dense, size_t n, double *a)
{
    const blasint size = (blasint)n;
    blasint info = 0;
    /* LAPACK's matrices lie column by column: our lower triangle is its upper one, and a = u'u is a = l l'.
     */
    functions_of(dense)->dpotrf("U", &size, a, &size, &info);
    return info == 0;
}

static void blas_solve(const struct mlg_dense *dense, size_t n, const double *l, double *b)
{
    const struct functions *f = functions_of(dense);
    f->dtrsv(CblasRowMajor, CblasLower, CblasNoTrans, CblasNonUnit, (blasint)n, l, (blasint)n, b, 1);
    f->dtrsv(CblasRowMajor, CblasLower, CblasTrans, CblasNonUnit, (blasint)n, l, (blasint)n, b, 1);
}

int mlg_dense_open(struct mlg_dense *dense, struct mlg_error *error)
{
    struct functions *f = calloc(1, sizeof *f);
    *dense = (struct mlg_dense){.functions = f,
                                .gram = blas_gram,
                                .transposed = blas_transposed,
                                .times = blas_times,
                                .factor = blas_factor,
                                .solve = blas_solve};
    if (!f)
        return mlg_error_set(error, MLG_LIMIT, "no memory to load OpenBLAS");
    dense->library = mlg_library_load(LIBRARY);
    if (!dense->library || !mlg_library_find(dense->library, "openblas_set_num_threads", &f->set_threads) ||
        !mlg_library_find(dense->library, "cblas_dsyrk", &f->dsyrk) ||
        !mlg_library_find(dense->library, "cblas_dgemv", &f->dgemv) ||
        !mlg_library_find(dense->library, "cblas_dtrsv", &f->dtrsv) ||
        !mlg_library_find(dense->library, "dpotrf_", &f->dpotrf)) {
        mlg_dense_close(dense);
        return mlg_error_set(error, MLG_WORLD,
                             "a simple model is fitted with OpenBLAS (" LIBRARY
                             "), which cannot be loaded; install it, as the package libopenblas0 of Debian "
                             "and Ubuntu");
    }
    f->set_threads(1);
    return MLG_OK;
}

void mlg_dense_close(struct mlg_dense *dense)
{
    mlg_library_release(dense->library);
    free(dense->functions);
    dense->library = dense->functions = NULL;
}

/* ---- the plain twin ------------------------------------------------------------------------------- */

static void plain_gram(const struct mlg_dense *dense, size_t rows, size_t columns, double sign,
                       const double *x, double *gram, size_t stride)
{
    (void)dense;
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < columns; i++)
            for (size_t j = 0; j <= i; j++)
                gram[i * stride + j] += sign * x[row * columns + i] * x[row * columns + j];
}

static void plain_transposed(const struct mlg_dense *dense, size_t rows, size_t columns, const double *x,
                             const double *v, double *out)
{
    (void)dense;
    for (size_t row = 0; row < rows; row++)
        for (size_t i = 0; i < columns; i++)
            out[i] += x[row * columns + i] * v[row];
}

static void plain_times(const struct mlg_dense *dense, size_t rows, size_t columns, const double *x,
                        const double *v, double *out)
{
    (void)dense;
    for (size_t row = 0; row < rows; row++) {
        out[row] = 0;
        for (size_t i = 0; i < columns; i++)
            out[row] += x[row * columns + i] * v[i];
    }
}

static bool plain_factor(const struct mlg_dense *dense, size_t n, double *a)
{
    (void)dense;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            double rest = a[i * n + j];
            for (size_t k = 0; k < j; k++)
                rest -= a[i * n + k] * a[j * n + k];
            if (j < i)
                a[i * n + j] = rest / a[j * n + j];
            else if (rest > 0)
                a[i * n + i] = sqrt(rest);
            else
                return false;
        }
    }
    return true;
}

static void plain_solve(const struct mlg_dense *dense, size_t n, const double *l, double *b)
{
    (void)dense;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            b[i] -= l[i * n + k] * b[k];
        b[i] /= l[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++)
            b[i] -= l[k * n + i] * b[k];
        b[i] /= l[i * n + i];
    }
}

struct mlg_dense mlg_dense_plain(void)
{
    return (struct mlg_dense){.gram = plain_gram,
                              .transposed = plain_transposed,
                              .times = plain_times,
                              .factor = plain_factor,
                              .solve = plain_solve};
}
