/* number: text to double and back, exactly, in the C locale whatever the process's locale is.
 *
 * Always true: parsing gives the double that strtod gives in the C locale (round to nearest even);
 * print gives the shortest decimal text that parses back to the same double.
 */
#ifndef MLGATE_NUMBER_H
#define MLGATE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The whole of `text` as a decimal number: [+-] digits [. digits] [e [+-] digits]; no hexadecimal,
 * no spaces; "inf", "infinity", "nan" in any case are numbers too (the caller refuses them where they
 * are not wanted). False: not a number, `*value` untouched. Overflow gives an infinity. */
bool mlg_number_parse(const char *text, size_t size, double *value);
/* The same with another mark than '.' before the decimals, which '.' is none then. */
bool mlg_number_parse_with(const char *text, size_t size, char mark, double *value);

/* Digits alone, one at least: a whole number from 0 on, exactly. False: it is none, or 64 bits do not hold
 * it. */
bool mlg_number_parse_digits(const char *text, size_t size, uint64_t *value);

/* Is the text a number that is compared with others as mlg_number_compare does? Infinities, NaN and what is
 * too small for a double (1e-400) are not. */
bool mlg_number_is_exact(const char *text, size_t size);
/* Compares two such texts digit by digit, never rounded: 1, 1.0 and 1e0 are equal, 9007199254740993 and
 * 9007199254740992 are not. Returns <0, 0, >0. */
int mlg_number_compare(const char *a, size_t a_size, const char *b, size_t b_size);

enum { MLG_NUMBER_SIZE = 32 };
/* Writes at most MLG_NUMBER_SIZE bytes with the final zero; returns the length. */
size_t mlg_number_print(double value, char *out);

enum { MLG_DECIMAL_DIGITS = 18, MLG_DECIMAL_TENS = 30 };

/* A decimal as it was written: mantissa * 10^exponent, for comparisons without rounding. */
struct mlg_decimal {
    int64_t mantissa;
    int exponent;
    bool exact; /* false: more than MLG_DECIMAL_DIGITS digits, or an exponent beyond MLG_DECIMAL_TENS either
                   way; it has its nearest double only, and no limit is like that */
    double value;
};

/* Reads a number as mlg_number_parse does, with an optional "%" at the end (which divides by 100,
 * exactly); infinities and NaN are refused. */
bool mlg_decimal_parse(const char *text, size_t size, struct mlg_decimal *decimal);
/* Compares numerator/denominator with the decimal in integers (in doubles where it is not exact, or
 * where 128 bits do not suffice). denominator > 0. Returns <0, 0, >0. */
int mlg_decimal_compare(uint64_t numerator, uint64_t denominator, const struct mlg_decimal *decimal);
/* Compares a bound of a range, which may be infinite, with the decimal: exactly where it is whole. */
int mlg_decimal_compare_bound(double bound, const struct mlg_decimal *decimal);

#endif
