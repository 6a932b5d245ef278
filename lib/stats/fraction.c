/* Sums of ratios of counts: the sum's numerator and denominator are whole numbers of a few thousand bits. */
#include "mlgate/fraction.h"

#include <math.h>

#include "mlgate/sum.h"

__extension__ typedef unsigned __int128 uint128;

static struct mlg_double2 exactly(uint64_t count)
{
    const double high = (double)(count >> 32) * 0x1p32, low = (double)(count & UINT32_MAX);
    return mlg_double2_add(mlg_double2_of(high), mlg_double2_of(low));
}

double mlg_fraction_value(struct mlg_fraction fraction)
{
    return mlg_double2_divide(exactly(fraction.numerator), exactly(fraction.denominator)).high;
}

static bool narrow(uint128 numerator, uint128 denominator, struct mlg_fraction *fraction)
{
    *fraction = (struct mlg_fraction){(uint64_t)numerator, (uint64_t)denominator};
    return numerator <= UINT64_MAX && denominator <= UINT64_MAX && denominator > 0;
}

bool mlg_fraction_difference(struct mlg_fraction a, struct mlg_fraction b, struct mlg_fraction *difference,
                             bool *negative)
{
    const uint128 first = (uint128)a.numerator * b.denominator, second = (uint128)b.numerator * a.denominator;
    *negative = first < second;
    return narrow(*negative ? second - first : first - second, (uint128)a.denominator * b.denominator,
                  difference);
}

bool mlg_fraction_ratio(struct mlg_fraction a, struct mlg_fraction b, struct mlg_fraction *ratio)
{
    return narrow((uint128)a.numerator * b.denominator, (uint128)b.numerator * a.denominator, ratio);
}

double mlg_fractions_value(const struct mlg_fractions *fractions)
{
    struct mlg_double2 sum = {0};
    for (size_t i = 0; i < fractions->count; i++) {
        const struct mlg_fraction *term = &fractions->terms[i];
        sum = mlg_double2_add(sum, mlg_double2_divide(exactly(term->numerator), exactly(term->denominator)));
    }
    sum = mlg_double2_subtract(sum, exactly(fractions->less));
    sum = mlg_double2_divide(sum, exactly(fractions->divisor));
    return fractions->negated ? 0 - sum.high : sum.high;
}

/* ---- whole numbers ------------------------------------------------------------------------------- */

/* All denominators' product, and besides it a sum's carry, a mantissa, a divisor and ten to the 30th. */
enum { LIMBS = MLG_FRACTIONS_COMPARED + 6 };
_Static_assert(MLG_DECIMAL_TENS <= 38, "a power of ten takes two limbs");

/* Least limb first. */
struct whole {
    uint64_t limb[LIMBS];
};

static void multiply(struct whole *whole, uint64_t factor)
{
    uint128 carry = 0;
    for (size_t i = 0; i < LIMBS; i++) {
        carry += (uint128)whole->limb[i] * factor;
        whole->limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
}

/* whole += other * factor */
static void add_product(struct whole *whole, const struct whole *other, uint64_t factor)
{
    uint128 carry = 0;
    for (size_t i = 0; i < LIMBS; i++) {
        carry += (uint128)other->limb[i] * factor + whole->limb[i];
        whole->limb[i] = (uint64_t)carry;
        carry >>= 64;
    }
}

static int compare(const struct whole *a, const struct whole *b)
{
    for (size_t i = LIMBS; i-- > 0;)
        if (a->limb[i] != b->limb[i])
            return a->limb[i] > b->limb[i] ? 1 : -1;
    return 0;
}

/* ---- against a limit ------------------------------------------------------------------------------- */

/* Rounding is far less than this. */
static const double far_apart = 1e-9;

int mlg_fractions_compare(const struct mlg_fractions *fractions, const struct mlg_decimal *decimal)
{
    const double value = mlg_fractions_value(fractions);
    if (!decimal->exact || fractions->count > MLG_FRACTIONS_COMPARED ||
        !(fabs(value - decimal->value) <= far_apart))
        return (value > decimal->value) - (value < decimal->value);
    struct whole sum = {{0}}, product = {{1}}, limit = {{0}};
    for (size_t i = 0; i < fractions->count; i++) {
        multiply(&sum, fractions->terms[i].denominator);
        add_product(&sum, &product, fractions->terms[i].numerator);
        multiply(&product, fractions->terms[i].denominator);
    }
    /* sum / product - less against mantissa * 10^exponent * divisor, each side without what is below 0 */
    add_product(&limit, &product, fractions->less);
    for (int tens = decimal->exponent; tens < 0; tens++) {
        multiply(&sum, 10);
        multiply(&limit, 10);
    }
    multiply(&product, fractions->divisor);
    for (int tens = decimal->exponent; tens > 0; tens--)
        multiply(&product, 10);
    const int64_t mantissa = fractions->negated ? -decimal->mantissa : decimal->mantissa;
    add_product(mantissa < 0 ? &sum : &limit, &product, (uint64_t)(mantissa < 0 ? -mantissa : mantissa));
    return fractions->negated ? compare(&limit, &sum) : compare(&sum, &limit);
}
