/* Exact sums after Neal's small superaccumulator, and double-double arithmetic on what they give.
 *
 * Chunk i counts units of 2^(32 i - 1075). A double with exponent field e is its mantissa times
 * 2^(e - 1075), so that e says at once where the mantissa goes: chunk e / 32, shifted by e % 32.
 */
#include "mlgate/sum.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* An addition puts less than 2^53 into a chunk and a carried chunk is less than 2^32, hence this many
 * additions keep a chunk under 2^62. */
#define CARRY_AFTER 512U
/* The upper bits of `pending` remember infinities, which no chunk can hold. */
#define PLUS_INFINITE 0x80000000U
#define MINUS_INFINITE 0x40000000U
#define INFINITE (PLUS_INFINITE | MINUS_INFINITE)

#define MANTISSA_BITS 52
#define MANTISSA_MASK ((UINT64_C(1) << MANTISSA_BITS) - 1)
#define EXPONENT_MASK 0x7ffU
#define CHUNK_MASK INT64_C(0xffffffff)

__extension__ typedef unsigned __int128 wide;

static inline uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline double of_bits(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The same value with every chunk but the last in [0, 2^32): one form per value. */
static void carry(struct mlg_sum *sum)
{
    int64_t over = 0;
    for (size_t i = 0; i + 1 < MLG_SUM_CHUNKS; i++) {
        const int64_t chunk = sum->chunk[i] + over;
        over = chunk >> 32;
        sum->chunk[i] = chunk & CHUNK_MASK;
    }
    sum->chunk[MLG_SUM_CHUNKS - 1] += over;
    sum->pending &= INFINITE;
}

static inline void count_one(struct mlg_sum *sum)
{
    sum->pending++;
    if ((sum->pending & ~INFINITE) >= CARRY_AFTER)
        carry(sum);
}

static void add_infinite(struct mlg_sum *sum, double value)
{
    if (value != value)
        sum->pending |= INFINITE;
    else
        sum->pending |= value > 0 ? PLUS_INFINITE : MINUS_INFINITE;
}

struct parts {
    uint64_t mantissa;
    unsigned exponent; /* field, at least 1 */
    int64_t sign;      /* 0 or -1 */
};

static inline struct parts parts_of(double value)
{
    const uint64_t bits = bits_of(value);
    const unsigned field = (unsigned)(bits >> MANTISSA_BITS) & EXPONENT_MASK;
    return (struct parts){
        .mantissa = (bits & MANTISSA_MASK) | ((uint64_t)(field != 0) << MANTISSA_BITS),
        .exponent = field + (field == 0),
        .sign = -(int64_t)(bits >> 63),
    };
}

static inline int64_t signed_of(uint64_t magnitude, int64_t sign)
{
    return ((int64_t)magnitude ^ sign) - sign;
}

static inline int64_t low_part(struct parts p)
{
    return signed_of((uint32_t)(p.mantissa << (p.exponent & 31)), p.sign);
}

static inline int64_t high_part(struct parts p)
{
    return signed_of(p.mantissa >> (32 - (p.exponent & 31)), p.sign);
}

static inline void add_one(struct mlg_sum *sum, double value)
{
    const struct parts p = parts_of(value);
    if (p.exponent == EXPONENT_MASK) {
        add_infinite(sum, value);
        return;
    }
    int64_t *chunk = sum->chunk + (p.exponent >> 5);
    chunk[0] += low_part(p);
    chunk[1] += high_part(p);
    count_one(sum);
}

/* A product that is so small or so large that its mantissa does not fit between the first and the last
 * chunk: the nearest double and what is left. */
static void add_extreme_product(struct mlg_sum *sum, double a, double b)
{
    const double product = a * b;
    add_one(sum, product);
    if (isfinite(product))
        add_one(sum, fma(a, b, -product));
}

static inline void add_product(struct mlg_sum *sum, double a, double b)
{
    const struct parts p = parts_of(a), q = parts_of(b);
    const unsigned place = p.exponent + q.exponent - 1075U; /* wraps around for small products */
    if (place > 1990 || p.exponent == EXPONENT_MASK || q.exponent == EXPONENT_MASK) {
        add_extreme_product(sum, a, b);
        return;
    }
    const unsigned shift = place & 31;
    const int64_t sign = p.sign ^ q.sign;
    wide product = (wide)p.mantissa * q.mantissa; /* less than 2^106 */
    int64_t *chunk = sum->chunk + (place >> 5);
    chunk[0] += signed_of((uint32_t)((uint64_t)product << shift), sign);
    product >>= 32 - shift;
    chunk[1] += signed_of((uint32_t)product, sign);
    const uint64_t rest = (uint64_t)(product >> 32);
    chunk[2] += signed_of((uint32_t)rest, sign);
    chunk[3] += signed_of((rest >> 32) | ((uint64_t)(product >> 96) << 32), sign);
    count_one(sum);
}

void mlg_sum_add(struct mlg_sum *sum, double value)
{
    add_one(sum, value);
}

void mlg_sum_add_product(struct mlg_sum *sum, double a, double b)
{
    add_product(sum, a, b);
}

/* Terms of one sum tend to share a chunk: its two parts stay in registers until the chunk changes. */
static void add_run(struct mlg_sum *sum, const double *values, size_t count)
{
    unsigned at = 0;
    int64_t low = 0, high = 0;
    for (size_t i = 0; i < count; i++) {
        const struct parts p = parts_of(values[i]);
        if (p.exponent == EXPONENT_MASK) {
            add_infinite(sum, values[i]);
            continue;
        }
        if (p.exponent >> 5 != at) {
            sum->chunk[at] += low;
            sum->chunk[at + 1] += high;
            low = high = 0;
            at = p.exponent >> 5;
        }
        low += low_part(p);
        high += high_part(p);
    }
    sum->chunk[at] += low;
    sum->chunk[at + 1] += high;
}

void mlg_sum_add_each(struct mlg_sum *sums, size_t stride, const uint32_t *index, const double *values,
                      size_t count)
{
    if (index) {
        for (size_t i = 0; i < count; i++)
            add_one(sums + index[i] * stride, values[i]);
        return;
    }
    for (size_t done = 0; done < count;) {
        const size_t left = count - done, room = CARRY_AFTER - (sums->pending & ~INFINITE);
        const size_t run = left < room ? left : room;
        add_run(sums, values + done, run);
        sums->pending += (uint32_t)run;
        if (run == room)
            carry(sums);
        done += run;
    }
}

void mlg_sum_add_products(struct mlg_sum *sums, size_t stride, const uint32_t *index, const double *a,
                          const double *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        add_product(index ? sums + index[i] * stride : sums, a[i], b[i]);
}

void mlg_sum_merge(struct mlg_sum *into, const struct mlg_sum *from)
{
    struct mlg_sum other = *from;
    carry(&other);
    carry(into);
    for (size_t i = 0; i < MLG_SUM_CHUNKS; i++)
        into->chunk[i] += other.chunk[i];
    into->pending |= other.pending;
    carry(into);
}

/* Bits [from, from + 64) of a magnitude held as 32-bit chunks. */
static uint64_t bits_at(const struct mlg_sum *sum, unsigned from)
{
    const unsigned chunk = from / 32, shift = from % 32;
    wide window = 0;
    for (unsigned i = 0; i < 3 && chunk + i < MLG_SUM_CHUNKS; i++)
        window |= (wide)(uint64_t)sum->chunk[chunk + i] << (32 * i);
    return (uint64_t)(window >> shift);
}

static bool any_bit_below(const struct mlg_sum *sum, unsigned end)
{
    for (unsigned i = 0; i < end / 32; i++)
        if (sum->chunk[i])
            return true;
    return end % 32 && ((uint64_t)sum->chunk[end / 32] & ((UINT64_C(1) << (end % 32)) - 1));
}

double mlg_sum_round(const struct mlg_sum *sum)
{
    if (sum->pending & INFINITE) {
        if ((sum->pending & INFINITE) == INFINITE)
            return (double)NAN;
        return sum->pending & PLUS_INFINITE ? (double)INFINITY : -(double)INFINITY;
    }
    struct mlg_sum m = *sum;
    carry(&m);
    const bool negative = m.chunk[MLG_SUM_CHUNKS - 1] < 0;
    if (negative) {
        for (size_t i = 0; i < MLG_SUM_CHUNKS; i++)
            m.chunk[i] = -m.chunk[i];
        carry(&m);
    }
    const uint64_t sign = (uint64_t)negative << 63;
    unsigned top = MLG_SUM_CHUNKS;
    while (top > 0 && m.chunk[top - 1] == 0)
        top--;
    if (top == 0)
        return 0;
    const uint64_t leading = (uint64_t)m.chunk[top - 1];
    const unsigned highest = (top - 1) * 32 + 63 - (unsigned)__builtin_clzll(leading);
    /* The last bit that a double keeps; bit 1 is 2^-1074, the last of all doubles. */
    const unsigned last = highest > MANTISSA_BITS + 1 ? highest - MANTISSA_BITS : 1;
    if (last > EXPONENT_MASK)
        return of_bits(sign | (uint64_t)EXPONENT_MASK << MANTISSA_BITS);
    uint64_t mantissa = bits_at(&m, last);
    const bool half = bits_at(&m, last - 1) & 1;
    if (half && ((mantissa & 1) || any_bit_below(&m, last - 1)))
        mantissa++;
    /* The leading bit of a normal mantissa adds one to the exponent field, and so does rounding up to
     * the next power of two. */
    uint64_t bits = ((uint64_t)(last - 1) << MANTISSA_BITS) + mantissa;
    if (bits >> MANTISSA_BITS >= EXPONENT_MASK)
        bits = (uint64_t)EXPONENT_MASK << MANTISSA_BITS;
    return of_bits(sign | bits);
}

struct mlg_double2 mlg_sum_double2(const struct mlg_sum *sum)
{
    const double high = mlg_sum_round(sum);
    if (!isfinite(high))
        return (struct mlg_double2){high, 0};
    struct mlg_sum rest = *sum;
    mlg_sum_add(&rest, -high);
    return (struct mlg_double2){high, mlg_sum_round(&rest)};
}

/* ---- double-double (Dekker 1971, Knuth's two-sum) ------------------------------------------------- */

static struct mlg_double2 two_sum(double a, double b)
{
    const double sum = a + b, part = sum - a;
    return (struct mlg_double2){sum, (a - (sum - part)) + (b - part)};
}

/* |a| >= |b|, or a is 0. */
static struct mlg_double2 quick_two_sum(double a, double b)
{
    const double sum = a + b;
    /* An infinity has no error term: infinity - infinity would turn it into a NaN. */
    return (struct mlg_double2){sum, isfinite(sum) ? b - (sum - a) : 0};
}

struct mlg_double2 mlg_double2_of(double value)
{
    return (struct mlg_double2){value, 0};
}

struct mlg_double2 mlg_double2_add(struct mlg_double2 a, struct mlg_double2 b)
{
    const struct mlg_double2 high = two_sum(a.high, b.high), low = two_sum(a.low, b.low);
    if (!isfinite(high.high))
        return (struct mlg_double2){high.high, 0};
    const struct mlg_double2 sum = quick_two_sum(high.high, high.low + low.high);
    return quick_two_sum(sum.high, sum.low + low.low);
}

struct mlg_double2 mlg_double2_subtract(struct mlg_double2 a, struct mlg_double2 b)
{
    return mlg_double2_add(a, (struct mlg_double2){-b.high, -b.low});
}

struct mlg_double2 mlg_double2_multiply(struct mlg_double2 a, struct mlg_double2 b)
{
    const double product = a.high * b.high;
    if (!isfinite(product))
        return (struct mlg_double2){product, 0};
    const double error = fma(a.high, b.high, -product);
    return quick_two_sum(product, error + (a.high * b.low + a.low * b.high));
}

struct mlg_double2 mlg_double2_divide(struct mlg_double2 a, struct mlg_double2 b)
{
    const double first = a.high / b.high;
    if (!isfinite(first) || !isfinite(b.high))
        return (struct mlg_double2){first, 0};
    struct mlg_double2 rest = mlg_double2_subtract(a, mlg_double2_multiply(b, mlg_double2_of(first)));
    const double second = rest.high / b.high;
    rest = mlg_double2_subtract(rest, mlg_double2_multiply(b, mlg_double2_of(second)));
    const double third = rest.high / b.high;
    const struct mlg_double2 quotient = quick_two_sum(first, second);
    return mlg_double2_add(quotient, mlg_double2_of(third));
}
