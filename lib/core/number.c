/* number.c: decimal text and doubles, exactly.
 *
 * Three ways lead from digits to a double, each exact:
 *  1. mantissa < 2^53 and a power of ten that is itself a double: one multiplication or division, which
 *     the processor rounds correctly (Clinger 1990);
 *  2. mantissa < 2^64: the product with, or the quotient by, a power of five in wide integers, rounded
 *     once, with a remainder that tells whether anything was left;
 *  3. everything else: strtod, given digits and an exponent without a decimal point, so that the locale
 *     has no say.
 */
#include "mlgate/number.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(FLT_EVAL_METHOD == 0, "the first way needs doubles that are computed as doubles");
_Static_assert(DBL_MANT_DIG == 53 && DBL_MAX_EXP == 1024, "doubles are IEEE 754 binary64");

__extension__ typedef unsigned __int128 uint128;

static const double powers_of_ten[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                       1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

enum { MOST_FIVES = 27 }; /* 5^27 is the largest power of five below 2^63 */
static const uint64_t powers_of_five[MOST_FIVES + 1] = {
    UINT64_C(1),
    UINT64_C(5),
    UINT64_C(25),
    UINT64_C(125),
    UINT64_C(625),
    UINT64_C(3125),
    UINT64_C(15625),
    UINT64_C(78125),
    UINT64_C(390625),
    UINT64_C(1953125),
    UINT64_C(9765625),
    UINT64_C(48828125),
    UINT64_C(244140625),
    UINT64_C(1220703125),
    UINT64_C(6103515625),
    UINT64_C(30517578125),
    UINT64_C(152587890625),
    UINT64_C(762939453125),
    UINT64_C(3814697265625),
    UINT64_C(19073486328125),
    UINT64_C(95367431640625),
    UINT64_C(476837158203125),
    UINT64_C(2384185791015625),
    UINT64_C(11920928955078125),
    UINT64_C(59604644775390625),
    UINT64_C(298023223876953125),
    UINT64_C(1490116119384765625),
    UINT64_C(7450580596923828125),
};

/* ---- from digits to a double ------------------------------------------------------------------- */

/* value * 2^exponent, rounded to nearest even; `more` tells that a nonzero rest below was cut off.
 * The caller makes sure that the result is a normal double. */
static double round_once(uint128 value, int exponent, bool more)
{
    uint64_t high = (uint64_t)(value >> 64);
    int zeros = high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)value);
    value <<= zeros;
    uint64_t mantissa = (uint64_t)(value >> 75); /* 53 bits, the top one set */
    uint128 rest = value << 53;
    uint128 half = (uint128)1 << 127;
    if (rest > half || (rest == half && (more || (mantissa & 1))))
        mantissa++;
    /* A carry out of the mantissa raises the exponent by itself. */
    uint64_t bits = ((uint64_t)(127 - zeros + exponent + 1023) << 52) + (mantissa - (UINT64_C(1) << 52));
    double result;
    memcpy(&result, &bits, sizeof result);
    return result;
}

enum { MOST_WORDS = 6, SMALLEST_TEN = -(MOST_WORDS - 1) * MOST_FIVES };

/* mantissa / 10^tens for tens up to -SMALLEST_TEN: the quotient of a long number by 5^tens, taken in
 * steps of 5^27 (a floor of a floor is the floor of the whole), then by 2^tens in the exponent. */
static double divide(uint64_t mantissa, int tens)
{
    int zeros = __builtin_clzll(mantissa);
    int words = 1 + (tens + MOST_FIVES - 1) / MOST_FIVES;
    uint64_t number[MOST_WORDS] = {mantissa << zeros}; /* most significant word first */
    bool more = false;
    for (int left = tens; left > 0; left -= MOST_FIVES) {
        uint64_t divisor = powers_of_five[left < MOST_FIVES ? left : MOST_FIVES];
        uint64_t remainder = 0;
        for (int i = 0; i < words; i++) {
            uint128 part = (uint128)remainder << 64 | number[i];
            uint64_t quotient = (uint64_t)(part / divisor); /* fits: remainder < divisor */
            remainder = (uint64_t)part - quotient * divisor;
            number[i] = quotient;
        }
        more |= remainder != 0;
    }
    int first = 0;
    while (number[first] == 0)
        first++;
    uint128 top = (uint128)number[first] << 64 | (first + 1 < words ? number[first + 1] : 0);
    for (int i = first + 2; i < words; i++)
        more |= number[i] != 0;
    /* The last word of the two stands words - first - 2 words above the binary point of `number`. */
    int exponent = 64 * (words - first - 2) - 64 * (words - 1) - zeros - tens;
    return round_once(top, exponent, more);
}

/* mantissa * 10^exponent; false: not a case for the first two ways. */
static bool scale(uint64_t mantissa, int64_t exponent, double *value)
{
    if (mantissa == 0) {
        *value = 0;
        return true;
    }
    if (mantissa <= UINT64_C(1) << 53 && exponent >= -22 && exponent <= 22) {
        *value = exponent < 0 ? (double)mantissa / powers_of_ten[-exponent]
                              : (double)mantissa * powers_of_ten[exponent];
        return true;
    }
    if (exponent >= 0 && exponent <= MOST_FIVES) {
        *value = round_once((uint128)mantissa * powers_of_five[exponent], (int)exponent, false);
        return true;
    }
    if (exponent < 0 && exponent >= SMALLEST_TEN) {
        *value = divide(mantissa, (int)-exponent);
        return true;
    }
    return false;
}

/* A number taken apart. The digits stand in text[first .. last), with at most one point among them. */
struct parts {
    const char *text;
    size_t first, last;
    bool negative;
    bool more;         /* digits beyond the mantissa's 19, not all zero */
    uint64_t mantissa; /* the first 19 significant digits */
    int64_t exponent;  /* value = mantissa * 10^exponent, when there is no more */
    char word;         /* 'i' for infinity, 'n' for NaN, 0 for digits */
};

static bool is_word(const char *text, size_t size, const char *word)
{
    for (size_t i = 0; i < size; i++)
        if ((text[i] | 0x20) != word[i] || !word[i])
            return false;
    return word[size] == '\0';
}

enum { MOST_DIGITS = 19 };
/* Far beyond any double, and far from any overflow when added to a length. */
static const int64_t exponent_lid = INT64_C(1) << 61;

static bool take_apart(const char *text, size_t size, struct parts *parts)
{
    size_t i = 0;
    *parts = (struct parts){.text = text};
    if (i < size && (text[i] == '-' || text[i] == '+'))
        parts->negative = text[i++] == '-';
    if (i == size)
        return false;
    if ((unsigned char)text[i] > '9') {
        if (is_word(text + i, size - i, "inf") || is_word(text + i, size - i, "infinity"))
            parts->word = 'i';
        else if (is_word(text + i, size - i, "nan"))
            parts->word = 'n';
        return parts->word != 0;
    }
    uint64_t mantissa = 0;
    int64_t exponent = 0;
    bool point = false, any = false;
    parts->first = i;
    /* Up to 19 digits, leading zeros not counted, go into the mantissa ... */
    const uint64_t room = UINT64_C(1000000000000000000);
    for (; i < size; i++) {
        unsigned digit = (unsigned)(unsigned char)text[i] - '0';
        if (digit <= 9) {
            if (mantissa >= room)
                break;
            mantissa = mantissa * 10 + digit;
            exponent -= point;
            any = true;
        } else if (text[i] == '.' && !point) {
            point = true;
        } else {
            break;
        }
    }
    /* ... the rest only tells whether there is more. */
    if (mantissa >= room) {
        for (; i < size; i++) {
            unsigned digit = (unsigned)(unsigned char)text[i] - '0';
            if (digit <= 9) {
                parts->more |= digit != 0;
                exponent += !point;
            } else if (text[i] == '.' && !point) {
                point = true;
            } else {
                break;
            }
        }
    }
    parts->last = i;
    if (!any)
        return false;
    if (i < size) {
        if ((text[i] | 0x20) != 'e')
            return false;
        i++;
        bool down = false;
        if (i < size && (text[i] == '-' || text[i] == '+'))
            down = text[i++] == '-';
        if (i == size)
            return false;
        int64_t written = 0;
        for (; i < size; i++) {
            unsigned digit = (unsigned)(unsigned char)text[i] - '0';
            if (digit > 9)
                return false;
            if (written < exponent_lid / 16)
                written = written * 10 + (int64_t)digit;
        }
        exponent += down ? -written : written;
    }
    parts->mantissa = mantissa;
    parts->exponent = exponent;
    return true;
}

/* The third way. 770 digits and one that says "and more" decide every halfway case. */
static double ask_strtod(const struct parts *parts)
{
    enum { KEPT = 770 };
    char buffer[KEPT + 32];
    if (parts->exponent > 400)
        return INFINITY;
    size_t length = 0;
    int64_t exponent = parts->exponent;
    bool more = false;
    for (size_t i = parts->first, seen = 0; i < parts->last; i++) {
        char c = parts->text[i];
        if (c == '.' || (length == 0 && c == '0'))
            continue;
        seen++;
        if (seen > MOST_DIGITS) /* the exponent belonged to the first 19 digits */
            exponent--;
        if (length < KEPT)
            buffer[length++] = c;
        else {
            exponent++;
            more |= c != '0';
        }
    }
    if (more) {
        buffer[length++] = '1';
        exponent--;
    }
    if (exponent + (int64_t)length < -400)
        return 0;
    snprintf(buffer + length, sizeof buffer - length, "e%lld", (long long)exponent);
    int kept = errno;
    double value = strtod(buffer, NULL);
    errno = kept;
    return value;
}

static double put_together(const struct parts *parts)
{
    double value, above;
    if (parts->word)
        value = parts->word == 'i' ? (double)INFINITY : (double)NAN;
    else if (!scale(parts->mantissa, parts->exponent, &value) ||
             (parts->more && (!scale(parts->mantissa + 1, parts->exponent, &above) || above != value)))
        value = ask_strtod(parts);
    return parts->negative ? -value : value;
}

bool mlg_number_parse_digits(const char *text, size_t size, uint64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < size; i++)
        if (text[i] < '0' || text[i] > '9' || __builtin_mul_overflow(*value, (uint64_t)10, value) ||
            __builtin_add_overflow(*value, (uint64_t)(text[i] - '0'), value))
            return false;
    return size > 0;
}

bool mlg_number_parse(const char *text, size_t size, double *value)
{
    struct parts parts;
    if (!take_apart(text, size, &parts))
        return false;
    *value = put_together(&parts);
    return true;
}

bool mlg_number_parse_with(const char *text, size_t size, char mark, double *value)
{
    char copy[512];
    if (mark == '.')
        return mlg_number_parse(text, size, value);
    if (size > sizeof copy || (size > 0 && memchr(text, '.', size)))
        return false;
    for (size_t i = 0; i < size; i++)
        copy[i] = text[i] == mark ? '.' : text[i];
    return mlg_number_parse(copy, size, value);
}

/* ---- texts side by side ------------------------------------------------------------------------ */

bool mlg_number_is_exact(const char *text, size_t size)
{
    struct parts parts;
    if (!take_apart(text, size, &parts) || parts.word)
        return false;
    double value = put_together(&parts);
    return isfinite(value) && (value != 0 || parts.mantissa == 0);
}

/* How far the point stands behind the first digit that is not 0: the value is 0.d1d2d3... * 10^this. */
static int64_t magnitude(const struct parts *parts)
{
    int64_t digits = 0;
    for (uint64_t rest = parts->mantissa; rest > 0; rest /= 10)
        digits++;
    return parts->exponent + digits;
}

/* The next significant digit from *at on; '0' behind the last. */
static char next_digit(const struct parts *parts, size_t *at)
{
    if (*at < parts->last && parts->text[*at] == '.')
        ++*at;
    return *at < parts->last ? parts->text[(*at)++] : '0';
}

static size_t first_significant(const struct parts *parts)
{
    size_t at = parts->first;
    while (at < parts->last && (parts->text[at] == '0' || parts->text[at] == '.'))
        at++;
    return at;
}

static int compare_magnitudes(const struct parts *a, const struct parts *b)
{
    if (a->mantissa == 0 || b->mantissa == 0)
        return (a->mantissa > 0) - (b->mantissa > 0);
    int64_t high_a = magnitude(a), high_b = magnitude(b);
    if (high_a != high_b)
        return high_a < high_b ? -1 : 1;
    size_t at_a = first_significant(a), at_b = first_significant(b);
    while (at_a < a->last || at_b < b->last) {
        char digit_a = next_digit(a, &at_a), digit_b = next_digit(b, &at_b);
        if (digit_a != digit_b)
            return digit_a < digit_b ? -1 : 1;
    }
    return 0;
}

int mlg_number_compare(const char *a, size_t a_size, const char *b, size_t b_size)
{
    struct parts x, y;
    (void)take_apart(a, a_size, &x);
    (void)take_apart(b, b_size, &y);
    int sign_x = x.mantissa == 0 ? 0 : x.negative ? -1 : 1;
    int sign_y = y.mantissa == 0 ? 0 : y.negative ? -1 : 1;
    if (sign_x != sign_y)
        return sign_x < sign_y ? -1 : 1;
    return sign_x < 0 ? compare_magnitudes(&y, &x) : compare_magnitudes(&x, &y);
}

/* ---- from a double to digits ------------------------------------------------------------------- */

static bool reads_back(uint64_t digits, int exponent, double value)
{
    double back;
    if (!scale(digits, exponent, &back)) {
        char buffer[48];
        snprintf(buffer, sizeof buffer, "%llue%d", (unsigned long long)digits, exponent);
        int kept = errno;
        back = strtod(buffer, NULL);
        errno = kept;
    }
    return back == value;
}

/* The nearest decimal of `count` digits; the last one stands for 10^*ten. The point that snprintf writes
 * depends on the locale, so only the digits around it are read. */
static uint64_t nearest_digits(double value, int count, int *ten)
{
    char buffer[48];
    snprintf(buffer, sizeof buffer, "%.*e", count - 1, value);
    uint64_t digits = 0;
    const char *c = buffer;
    for (; *c != 'e'; c++)
        if (*c >= '0' && *c <= '9')
            digits = digits * 10 + (uint64_t)(*c - '0');
    *ten = (int)strtol(c + 1, NULL, 10) - (count - 1);
    return digits;
}

/* The fewest digits, and of those the nearest, that read back to `value` > 0. */
static void shortest(double value, uint64_t *digits, int *exponent)
{
    /* Values that somebody wrote with up to 15 digits: value * 10^k is a whole number. */
    for (int k = 0; k <= 15 && value * powers_of_ten[k] < 1e15; k++) {
        double whole = rint(value * powers_of_ten[k]);
        if (whole >= 1 && whole < 1e15 && whole / powers_of_ten[k] == value) {
            *digits = (uint64_t)whole;
            *exponent = -k;
            return;
        }
    }
    /* All others: 17 digits always read back; 15 and 16 often do (subnormals: fewer may). */
    enum { ALL = 17 };
    int ten;
    uint64_t all = nearest_digits(value, ALL, &ten);
    uint64_t unit = value < DBL_MIN ? UINT64_C(10000000000000000) : 100;
    int cut = value < DBL_MIN ? 16 : 2;
    for (; cut > 0; cut--, unit /= 10) {
        uint64_t below = all / unit, rest = all % unit;
        bool up = rest > unit - rest;
        if (rest == unit - rest) { /* halfway as far as 17 digits tell; the value itself may lie aside */
            int same;
            up = nearest_digits(value, ALL - cut, &same) % 10 != below % 10;
        }
        for (int turn = 0; turn < 2; turn++, up = !up) {
            uint64_t candidate = below + up;
            if (candidate && reads_back(candidate, ten + cut, value)) {
                *digits = candidate;
                *exponent = ten + cut;
                return;
            }
        }
    }
    *digits = all;
    *exponent = ten;
}

size_t mlg_number_print(double value, char *out)
{
    char *c = out;
    if (isnan(value)) {
        memcpy(out, "nan", 4);
        return 3;
    }
    if (signbit(value))
        *c++ = '-';
    value = fabs(value);
    if (isinf(value)) {
        memcpy(c, "inf", 4);
        return (size_t)(c - out) + 3;
    }
    uint64_t digits = 0;
    int exponent = 0;
    if (value != 0)
        shortest(value, &digits, &exponent);
    while (digits && digits % 10 == 0) {
        digits /= 10;
        exponent++;
    }
    char text[24];
    int count = 0;
    do
        text[sizeof text - (size_t)++count] = (char)('0' + digits % 10);
    while (digits /= 10);
    const char *first = text + sizeof text - count;
    int point = count + exponent; /* the point stands behind that many digits */
    if (point > 16 || point < -3) {
        *c++ = *first;
        if (count > 1) {
            *c++ = '.';
            memcpy(c, first + 1, (size_t)count - 1);
            c += count - 1;
        }
        int power = point - 1;
        *c++ = 'e';
        *c++ = power < 0 ? '-' : '+';
        power = power < 0 ? -power : power;
        if (power >= 100)
            *c++ = (char)('0' + power / 100);
        *c++ = (char)('0' + power / 10 % 10);
        *c++ = (char)('0' + power % 10);
    } else if (point <= 0) {
        *c++ = '0';
        *c++ = '.';
        for (int i = point; i < 0; i++)
            *c++ = '0';
        memcpy(c, first, (size_t)count);
        c += count;
    } else {
        for (int i = 0; i < count || i < point; i++) {
            if (i == point)
                *c++ = '.';
            *c++ = i < count ? first[i] : '0';
        }
    }
    *c = '\0';
    return (size_t)(c - out);
}

/* ---- decimals, as written ------------------------------------------------------------------------ */

_Static_assert(MLG_DECIMAL_DIGITS == 18, "mantissas lie below 10^18");

bool mlg_decimal_parse(const char *text, size_t size, struct mlg_decimal *decimal)
{
    struct parts parts;
    bool percent = size > 0 && text[size - 1] == '%';
    if (!take_apart(text, size - percent, &parts) || parts.word)
        return false;
    parts.exponent -= percent ? 2 : 0;
    double value = put_together(&parts);
    if (isinf(value))
        return false;
    uint64_t mantissa = parts.mantissa;
    int64_t exponent = mantissa ? parts.exponent : 0;
    while (mantissa && mantissa % 10 == 0) {
        mantissa /= 10;
        exponent++;
    }
    *decimal = (struct mlg_decimal){.value = value};
    if (!parts.more && mantissa < UINT64_C(1000000000000000000) && exponent >= -MLG_DECIMAL_TENS &&
        exponent <= MLG_DECIMAL_TENS) {
        decimal->exact = true;
        decimal->mantissa = parts.negative ? -(int64_t)mantissa : (int64_t)mantissa;
        decimal->exponent = (int)exponent;
    }
    return true;
}

int mlg_decimal_compare(uint64_t numerator, uint64_t denominator, const struct mlg_decimal *decimal)
{
    if (!decimal->exact) {
        double ratio = (double)numerator / (double)denominator;
        return (ratio > decimal->value) - (ratio < decimal->value);
    }
    if (decimal->mantissa <= 0)
        return decimal->mantissa < 0 || numerator > 0;
    /* numerator * 10^-exponent against mantissa * denominator: only the side that is multiplied by the
     * power of ten can leave 128 bits, and then it is the greater one. */
    uint128 left = numerator, right = (uint128)(uint64_t)decimal->mantissa * denominator;
    uint128 *grown = decimal->exponent < 0 ? &left : &right;
    int tens = decimal->exponent < 0 ? -decimal->exponent : decimal->exponent;
    for (; tens > 0; tens--)
        if (__builtin_mul_overflow(*grown, (uint128)10, grown))
            return grown == &left ? 1 : -1;
    return (left > right) - (left < right);
}

int mlg_decimal_compare_bound(double bound, const struct mlg_decimal *decimal)
{
    if (!decimal->exact || bound != rint(bound) || fabs(bound) > 0x1p62)
        return (bound > decimal->value) - (bound < decimal->value);
    struct mlg_decimal mirrored = *decimal;
    mirrored.mantissa = -mirrored.mantissa;
    if (bound < 0)
        return -mlg_decimal_compare((uint64_t)-bound, 1, &mirrored);
    return mlg_decimal_compare((uint64_t)bound, 1, decimal);
}
