/* dense: sums over rows and systems of equations, on OpenBLAS. Private to lib/stats.
 *
 * OpenBLAS is loaded when mlg_dense_open asks for it, never before, and works on one thread: the order of its
 * additions, hence every bit, does not depend on how many there are. Which kernels it has for the processor
 * does leave a trace, in the last digits: who tells results rounds them.
 *
 * Matrices lie row by row. Of symmetric ones the lower triangle is read and written, that is, column j of row
 * i for j <= i. Sizes stay below 2^31.
 */
#ifndef MLG_STATS_DENSE_H
#define MLG_STATS_DENSE_H

#include <stdbool.h>
#include <stddef.h>

#include "mlgate/error.h"

/* What the fit of a linear model needs. OpenBLAS and plain C beside it, which is what tests compare it with.
 */
struct mlg_dense {
    void *library, *functions; /* private */
    /* gram[columns][columns], rows `stride` apart, += sign * x'x, x[rows][columns]. */
    void (*gram)(const struct mlg_dense *dense, size_t rows, size_t columns, double sign, const double *x,
                 double *gram, size_t stride);
    /* out[columns] += x'v, x[rows][columns], v[rows]. */
    void (*transposed)(const struct mlg_dense *dense, size_t rows, size_t columns, const double *x,
                       const double *v, double *out);
    /* out[rows] = x v, x[rows][columns], v[columns]. */
    void (*times)(const struct mlg_dense *dense, size_t rows, size_t columns, const double *x,
                  const double *v, double *out);
    /* a[n][n] becomes its Cholesky factor l, a = l l'. False: it is not positive definite. */
    bool (*factor)(const struct mlg_dense *dense, size_t n, double *a);
    /* b[n] becomes the solution x of l l' x = b. */
    void (*solve)(const struct mlg_dense *dense, size_t n, const double *l, double *b);
};

/* Loads OpenBLAS. The error says which package it comes with; never plain C instead. */
int mlg_dense_open(struct mlg_dense *dense, struct mlg_error *error);
void mlg_dense_close(struct mlg_dense *dense);
struct mlg_dense mlg_dense_plain(void);

#endif
