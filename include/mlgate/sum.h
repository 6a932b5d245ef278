/* sum: exact sums of doubles, so that results do not depend on the order of rows or on threads.
 *
 * A superaccumulator after Neal, "Fast exact summation using small and large superaccumulators"
 * (arXiv:1505.05571): the value is held exactly, as 64-bit chunks of 32 bits spacing.
 *
 * Always true: a sum is a value without interior pointers, all zero bytes is an empty sum; adding and
 * merging are exact, hence commutative and associative; rounding happens once, at the end. Only finite
 * doubles may be added (callers refuse the others); overflow of the rounded result gives an infinity.
 */
#ifndef MLGATE_SUM_H
#define MLGATE_SUM_H

#include <stddef.h>
#include <stdint.h>

enum { MLG_SUM_CHUNKS = 67 };

struct mlg_sum {
    int64_t chunk[MLG_SUM_CHUNKS];
    uint32_t pending; /* additions since the last carry propagation */
};

void mlg_sum_add(struct mlg_sum *sum, double value);
/* a*b exactly: both parts of the product (bits below 2^-1074 are rounded away once per product; a
 * product beyond the doubles makes the sum infinite). */
void mlg_sum_add_product(struct mlg_sum *sum, double a, double b);
/* values[i] is added to sums[index[i] * stride]; index NULL: all to sums[0]. */
void mlg_sum_add_each(struct mlg_sum *sums, size_t stride, const uint32_t *index, const double *values,
                      size_t count);
/* The same for a[i] * b[i]. */
void mlg_sum_add_products(struct mlg_sum *sums, size_t stride, const uint32_t *index, const double *a,
                          const double *b, size_t count);
/* Leaves carried, hence equal, bytes in `into` for equal values. */
void mlg_sum_merge(struct mlg_sum *into, const struct mlg_sum *from);
/* The nearest double. */
double mlg_sum_round(const struct mlg_sum *sum);

/* An unevaluated sum high + low with about 106 bits: for what is computed from exact sums. */
struct mlg_double2 {
    double high, low;
};
struct mlg_double2 mlg_sum_double2(const struct mlg_sum *sum);
struct mlg_double2 mlg_double2_of(double value);
struct mlg_double2 mlg_double2_add(struct mlg_double2 a, struct mlg_double2 b);
struct mlg_double2 mlg_double2_subtract(struct mlg_double2 a, struct mlg_double2 b);
struct mlg_double2 mlg_double2_multiply(struct mlg_double2 a, struct mlg_double2 b);
struct mlg_double2 mlg_double2_divide(struct mlg_double2 a, struct mlg_double2 b);

#endif
