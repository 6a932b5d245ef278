/* fraction: sums of ratios of counts, exactly.
 *
 * Always true: the value is the nearest double (but for sums so near the middle of two doubles that 100 bits
 * do not tell them apart); a comparison is made in integers, so that a sum that is exactly at a decimal limit
 * is found at it. */
#ifndef MLGATE_FRACTION_H
#define MLGATE_FRACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/number.h"

struct mlg_fraction {
    uint64_t numerator, denominator; /* denominator > 0 */
};

double mlg_fraction_value(struct mlg_fraction fraction);
/* |a - b| and a / b. False: 64 bits do not hold it, or it is no ratio. */
bool mlg_fraction_difference(struct mlg_fraction a, struct mlg_fraction b, struct mlg_fraction *difference,
                             bool *negative);
bool mlg_fraction_ratio(struct mlg_fraction a, struct mlg_fraction b, struct mlg_fraction *ratio);

/* (sum of the terms - less) / divisor, and of that the opposite where it is negated. */
struct mlg_fractions {
    size_t count;
    uint64_t less, divisor; /* divisor > 0 */
    bool negated;
    struct mlg_fraction terms[];
};

double mlg_fractions_value(const struct mlg_fractions *fractions);

/* With more terms doubles are compared. */
enum { MLG_FRACTIONS_COMPARED = 64 };

/* Compares the value with the decimal, in integers (in doubles where it is not exact, or of more terms).
 * Returns <0, 0, >0. */
int mlg_fractions_compare(const struct mlg_fractions *fractions, const struct mlg_decimal *decimal);

#endif
