/* Text to double and back, against strtod in the C locale and Python's repr. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/number.h"
#include "named_rows.h"

/* ---- reading --------------------------------------------------------------------------------------- */

struct text_row {
    const char *sentence, *text;
};

/* What strtod reads in the C locale, bit for bit. */
static const struct text_row numbers[] = {
    {"zero", "0"},
    {"negative zero keeps its sign", "-0"},
    {"a plus is a sign", "+1.5"},
    {"a point may end a number", "5."},
    {"a point may begin a number", ".5"},
    {"leading zeros say nothing", "000000000000000000000000000001.5"},
    {"trailing zeros say nothing", "1.50000000000000000000000000000000"},
    {"a score of six digits", "0.734921"},
    {"a score of seventeen digits", "0.14288325705208871"},
    {"a small score of seventeen digits", "2.6365222915490728e-15"},
    {"an upper-case exponent", "1E5"},
    {"an exponent with a plus", "1e+5"},
    {"the largest power that is a double itself", "123e22"},
    {"one power more", "123e23"},
    {"1e23 lies between two doubles", "1e23"},
    {"8.5e22 needs exact division of nothing", "8.5e22"},
    {"halfway rounds to even, down", "9007199254740993"},
    {"halfway rounds to even, up", "9007199254740995"},
    {"a digit far behind halfway rounds up", "9007199254740993.00000000000000000000000000000001"},
    {"zeros behind halfway change nothing", "9007199254740993.00000000000000000000000000000000"},
    {"halfway between 1 and the next double", "1.00000000000000011102230246251565404236316680908203125"},
    {"just above halfway between 1 and the next double",
     "1.00000000000000011102230246251565404236316680908203126"},
    {"just below halfway between 1 and the next double",
     "1.00000000000000011102230246251565404236316680908203124"},
    {"the largest double", "1.7976931348623157e308"},
    {"halfway to overflow rounds to infinity", "1.7976931348623159e308"},
    {"overflow is infinity", "1e400"},
    {"negative overflow is negative infinity", "-1e400"},
    {"an exponent beyond integers is infinity", "1e99999999999999999999"},
    {"an exponent below integers is zero", "1e-99999999999999999999"},
    {"zero with a giant exponent is zero", "0e99999999999999999999"},
    {"the smallest normal double", "2.2250738585072014e-308"},
    {"the number that once hung a runtime", "2.2250738585072012e-308"},
    {"the smallest subnormal", "4.9406564584124654e-324"},
    {"half the smallest subnormal rounds to zero", "2.4703282292062327e-324"},
    {"more than half the smallest subnormal does not", "2.4703282292062328e-324"},
    {"nineteen nines", "9999999999999999999"},
    {"twenty nines", "99999999999999999999"},
    {"the largest 64-bit number", "18446744073709551615"},
    {"a long fraction", "0.3333333333333333333333333333333333333333333333333333333333333333333333"},
    {"sixty zeros, then digits", "0.000000000000000000000000000000000000000000000000000000000000123456789"},
    {"the infinite", "inf"},
    {"the infinite in words and capitals", "-Infinity"},
};

static void test_number(void **state)
{
    const struct text_row *row = *state;
    char *end;
    double expected = strtod(row->text, &end), value = 77;
    assert_string_equal(end, "");
    /* Nothing behind the given size is read: what stands there would change the number. */
    char longer[200];
    snprintf(longer, sizeof longer, "%s9e9", row->text);
    assert_true(mlg_number_parse(longer, strlen(row->text), &value));
    assert_memory_equal(&value, &expected, sizeof value);
}

static const struct text_row no_numbers[] = {
    {"nothing is no number", ""},
    {"a sign alone is no number", "-"},
    {"a point alone is no number", "."},
    {"an exponent alone is no number", "e5"},
    {"an exponent without digits is no number", "1e"},
    {"an exponent with a sign alone is no number", "1e+"},
    {"a space in front makes no number", " 1"},
    {"a space behind makes no number", "1 "},
    {"two signs are no number", "--1"},
    {"two points are no number", "1.2.3"},
    {"a comma is no point", "1,5"},
    {"hexadecimal is no number", "0x10"},
    {"a fraction of an exponent is no number", "1e1.5"},
    {"letters are no number", "abc"},
    {"infinite is not infinity", "infinit"},
    {"nan with a payload is no number", "nan(1)"},
    {"a percentage is no plain number", "5%"},
    {"digits of other scripts are no number", "\xd9\xa1"},
    {"a line end behind makes no number", "1\n"},
};

static void test_no_number(void **state)
{
    const struct text_row *row = *state;
    double value = 77;
    assert_false(mlg_number_parse(row->text, strlen(row->text), &value));
    assert_true(value == 77);
}

static void test_nan(void **state)
{
    (void)state;
    static const char *const texts[] = {"nan", "NaN", "NAN", "-nan"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        double value = 0;
        assert_true(mlg_number_parse(texts[i], strlen(texts[i]), &value));
        assert_true(isnan(value));
    }
}

/* ---- many ------------------------------------------------------------------------------------------ */

static uint64_t next_random(uint64_t *state) /* xorshift64, Marsaglia 2003 */
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Numbers of all shapes: `turn` chooses one. */
static void make_number(char *out, size_t size, unsigned turn, uint64_t *random)
{
    uint64_t bits = next_random(random);
    double value;
    memcpy(&value, &bits, sizeof value);
    if (!isfinite(value))
        value = 1.5;
    switch (turn % 6) {
    case 0:
        snprintf(out, size, "%.17g", value);
        break;
    case 1:
        snprintf(out, size, "%.*e", (int)(next_random(random) % 40), value);
        break;
    case 2:
        snprintf(out, size, "%.*f", (int)(next_random(random) % 20), (double)(bits >> 11) * 0x1p-53);
        break;
    case 3:
        snprintf(out, size, "%llue%d", (unsigned long long)bits, (int)(next_random(random) % 700) - 350);
        break;
    case 4: /* a whole number of 54 bits: exactly between two doubles when it is odd */
        snprintf(out, size, "%llu%s", (unsigned long long)(bits >> 11 | UINT64_C(1) << 53),
                 bits & 1 ? ".0000000000000000000000000000001" : "");
        break;
    default: /* a subnormal */
        bits &= (UINT64_C(1) << 52) - 1;
        memcpy(&value, &bits, sizeof value);
        snprintf(out, size, "%.*e", (int)(next_random(random) % 40), value);
    }
}

static void test_many_against_strtod(void **state)
{
    (void)state;
    uint64_t random = 88172645463325252u;
    char text[512];
    for (unsigned i = 0; i < 100000; i++) {
        make_number(text, sizeof text, i, &random);
        double expected = strtod(text, NULL), value = 77;
        if (!mlg_number_parse(text, strlen(text), &value) || memcmp(&value, &expected, sizeof value) != 0)
            fail_msg("'%s' is read as %a instead of %a", text, value, expected);
    }
}

static void test_many_there_and_back(void **state)
{
    (void)state;
    uint64_t random = 2463534242u;
    char text[512], printed[MLG_NUMBER_SIZE];
    for (unsigned i = 0; i < 100000; i++) {
        make_number(text, sizeof text, i, &random);
        double value = strtod(text, NULL), back = 77;
        if (!isfinite(value))
            continue;
        size_t size = mlg_number_print(value, printed);
        if (size != strlen(printed) || !mlg_number_parse(printed, size, &back) ||
            memcmp(&value, &back, sizeof value) != 0)
            fail_msg("%a is printed as '%s'", value, printed);
    }
}

static void test_long_digits(void **state)
{
    (void)state;
    /* The decimal expansion of a halfway point has up to 767 digits: 2^-1074 * 1.5 here. */
    static char text[3000];
    snprintf(text, sizeof text, "%.1100e", 0x1p-1074);
    double value = 77, expected = strtod(text, NULL);
    assert_true(mlg_number_parse(text, strlen(text), &value));
    assert_true(value == expected);
    /* One with two thousand digits, the last of which decides. */
    size_t size = (size_t)snprintf(text, sizeof text, "9007199254740993.");
    memset(text + size, '0', 2000);
    assert_true(mlg_number_parse(text, size + 2000, &value));
    assert_true(value == 9007199254740992.0);
    text[size + 1999] = '1';
    assert_true(mlg_number_parse(text, size + 2000, &value));
    assert_true(value == 9007199254740994.0);
}

/* ---- printing -------------------------------------------------------------------------------------- */

static void test_shortest(void **state)
{
    (void)state;
    FILE *file = fopen(MLG_SOURCE_DIR "/tests/oracles/shortest_doubles.txt", "r");
    assert_non_null(file);
    char line[200], expected[100], printed[MLG_NUMBER_SIZE];
    size_t count = 0;
    while (fgets(line, sizeof line, file)) {
        unsigned long long bits;
        if (sscanf(line, "%llx %99s", &bits, expected) != 2)
            continue;
        double value;
        memcpy(&value, &bits, sizeof value);
        mlg_number_print(value, printed);
        if (strcmp(printed, expected) != 0)
            fail_msg("%a is printed as '%s' instead of '%s'", value, printed, expected);
        count++;
    }
    fclose(file);
    assert_true(count > 1000);
}

static void test_print_specials(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } rows[] = {{0.0, "0"},      {-0.0, "-0"},      {12, "12"},          {-0.5, "-0.5"},
                {1e-9, "1e-09"}, {INFINITY, "inf"}, {-INFINITY, "-inf"}, {NAN, "nan"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[MLG_NUMBER_SIZE];
        assert_int_equal(mlg_number_print(rows[i].value, text), strlen(rows[i].text));
        assert_string_equal(text, rows[i].text);
    }
}

static void test_comma_locale(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "nl_NL.UTF-8"};
    size_t i = 0;
    while (i < COUNT(names) && !setlocale(LC_ALL, names[i]))
        i++;
    if (i == COUNT(names)) {
        print_message("skipped: this machine has no locale with a decimal comma (such as de_DE.UTF-8)\n");
        skip();
    }
    static const char *const texts[] = {"0.5", "0.14288325705208871", "1.25e-320", "2.5e300",
                                        "1.00000000000000011102230246251565404236316680908203126"};
    static const double values[] = {0.5, 0.14288325705208871, 1.25e-320, 2.5e300, 1.0000000000000002};
    for (size_t k = 0; k < COUNT(texts); k++) {
        double value = 77, back = 77;
        char printed[MLG_NUMBER_SIZE];
        assert_true(mlg_number_parse(texts[k], strlen(texts[k]), &value));
        assert_true(value == values[k]);
        assert_null(strchr((mlg_number_print(value, printed), printed), ','));
        assert_true(mlg_number_parse(printed, strlen(printed), &back) && back == value);
    }
    setlocale(LC_ALL, "C");
}

/* ---- decimals --------------------------------------------------------------------------------------- */

struct decimal_row {
    const char *sentence, *text;
    bool exact;
    int64_t mantissa;
    int exponent;
    double value;
};

static const struct decimal_row decimals[] = {
    {"a decimal is kept as written", "0.85", true, 85, -2, 0.85},
    {"trailing zeros are not kept", "0.8500", true, 85, -2, 0.85},
    {"a percentage is divided by a hundred", "60%", true, 6, -1, 0.6},
    {"a small percentage is exact", "0.1%", true, 1, -3, 0.001},
    {"a negative decimal", "-2.5", true, -25, -1, -2.5},
    {"scientific notation", "1e-3", true, 1, -3, 0.001},
    {"zero is zero whatever its exponent", "0e500", true, 0, 0, 0},
    {"eighteen digits are exact", "0.123456789012345678", true, 123456789012345678, -18, 0.12345678901234568},
    {"nineteen digits are not", "0.1234567890123456789", false, 0, 0, 0.12345678901234568},
    {"an exponent of 31 is not", "1e31", false, 0, 0, 1e31},
};

static void test_decimal(void **state)
{
    const struct decimal_row *row = *state;
    struct mlg_decimal decimal = {0};
    assert_true(mlg_decimal_parse(row->text, strlen(row->text), &decimal));
    assert_int_equal(decimal.exact, row->exact);
    assert_true(decimal.mantissa == row->mantissa);
    assert_int_equal(decimal.exponent, row->exponent);
    assert_true(decimal.value == row->value);
}

static void test_no_decimal(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "%", "nan", "inf", "-inf%", "1e400", "5%%", "5 %", "x"};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct mlg_decimal decimal;
        if (mlg_decimal_parse(texts[i], strlen(texts[i]), &decimal))
            fail_msg("'%s' is taken for a decimal", texts[i]);
    }
}

struct compare_row {
    const char *sentence;
    uint64_t numerator, denominator;
    const char *limit;
    int expected;
};

static const struct compare_row compares[] = {
    {"80 of 100 is exactly 0.8", 80, 100, "0.8", 0},
    {"1 of 10 is exactly 10%", 1, 10, "10%", 0},
    {"one third is below 0.333333333333333334", 1, 3, "0.333333333333333334", -1},
    {"one third is above 0.333333333333333333", 1, 3, "0.333333333333333333", 1},
    {"no double tells these apart, integers do", 9007199254740993, 9007199254740992, "1", 1},
    {"nothing is zero", 0, 5, "0", 0},
    {"nothing is above a negative limit", 0, 5, "-0.1", 1},
    {"something is above zero", 1, UINT64_MAX, "0", 1},
    {"a count against a large limit", UINT64_MAX, 1, "1e30", -1},
    {"a count against a tiny limit", UINT64_MAX, 1, "1e-30", 1},
    {"a tiny ratio against a tiny limit", 1, UINT64_MAX, "1e-30", 1},
    {"128 bits are not enough on the left", UINT64_MAX, UINT64_MAX, "0.999999999999999999e-12", 1},
    {"128 bits are not enough on the right", 1, UINT64_MAX, "999999999999999999e30", -1},
    {"a limit that is not exact is compared as a double", 1, 2, "0.50000000000000000001", 0},
};

static void test_compare(void **state)
{
    const struct compare_row *row = *state;
    struct mlg_decimal limit;
    assert_true(mlg_decimal_parse(row->limit, strlen(row->limit), &limit));
    int order = mlg_decimal_compare(row->numerator, row->denominator, &limit);
    assert_int_equal((order > 0) - (order < 0), row->expected);
}

struct order_row {
    const char *sentence;
    const char *a, *b;
    int expected;
};

static const struct order_row orders[] = {
    {"1 and 1.0 are equal", "1", "1.0", 0},
    {"1 and 1e0 are equal", "1", "1e0", 0},
    {"100 and +0.01e4 are equal", "100", "+0.01e4", 0},
    {"zeros are equal, whatever their sign and exponent", "-0.00", "0e99", 0},
    {"whole numbers above 2^53 differ", "9007199254740993", "9007199254740992", 1},
    {"a digit behind many decides", "0.1000000000000000000000000000000000001", "0.1", 1},
    {"below zero it decides the other way", "-0.1000000000000000000000000000000000001", "-0.1", -1},
    {"zeros behind a point say nothing", "12.500000000000000000000000000000000000", "125e-1", 0},
    {"leading zeros say nothing", "00000000000000000000000007", "7.", 0},
    {"a sign decides", "-5", "3", -1},
    {"zero is above what is below", "0", "-1e-300", 1},
    {"powers decide before digits", "9e-5", "1e5", -1},
    {"a number is below the same with more digits", "123456789012345678901234567890",
     "123456789012345678901234567890.5", -1},
};

static void test_order(void **state)
{
    const struct order_row *row = *state;
    size_t a = strlen(row->a), b = strlen(row->b);
    assert_true(mlg_number_is_exact(row->a, a) && mlg_number_is_exact(row->b, b));
    assert_int_equal(mlg_number_compare(row->a, a, row->b, b), row->expected);
    assert_int_equal(mlg_number_compare(row->b, b, row->a, a), -row->expected);
}

static void test_not_exact(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "x", "nan", "inf", "1e400", "1e-400", "5%"};
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_false(mlg_number_is_exact(texts[i], strlen(texts[i])));
}

static void test_digits(void **state)
{
    static const struct {
        const char *text;
        bool is_read;
        uint64_t value;
    } rows[] = {{"0", true, 0},
                {"007", true, 7},
                {"18446744073709551615", true, UINT64_MAX},
                {"18446744073709551616", false, 0},
                {"", false, 0},
                {"+1", false, 0},
                {"1 ", false, 0},
                {"1e2", false, 0}};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t value;
        assert_int_equal(mlg_number_parse_digits(rows[i].text, strlen(rows[i].text), &value),
                         rows[i].is_read);
        if (rows[i].is_read)
            assert_true(value == rows[i].value);
    }
}

int main(void)
{
    static struct CMUnitTest
        tests[COUNT(orders) + COUNT(numbers) + COUNT(no_numbers) + COUNT(decimals) + COUNT(compares) + 11];
    size_t count = 0;
    NAMED_ROWS(tests, count, numbers, test_number);
    NAMED_ROWS(tests, count, no_numbers, test_no_number);
    NAMED_ROWS(tests, count, decimals, test_decimal);
    NAMED_ROWS(tests, count, compares, test_compare);
    NAMED_ROWS(tests, count, orders, test_order);
    static const struct {
        const char *sentence;
        CMUnitTestFunction test;
    } others[] = {
        {"what no comparison can be exact about is told", test_not_exact},
        {"NaN is a number to the reader of numbers", test_nan},
        {"a hundred thousand numbers are read as strtod reads them", test_many_against_strtod},
        {"a hundred thousand numbers are printed and read back", test_many_there_and_back},
        {"the last of many digits decides", test_long_digits},
        {"numbers are printed as short as can be", test_shortest},
        {"special values are printed in words", test_print_specials},
        {"a locale with a decimal comma changes nothing", test_comma_locale},
        {"what is no finite number is no decimal", test_no_decimal},
        {"digits are a whole number of 64 bits, and nothing else is", test_digits},
    };
    for (size_t i = 0; i < COUNT(others); i++)
        tests[count++] = (struct CMUnitTest){others[i].sentence, others[i].test, NULL, NULL, NULL};
    return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
