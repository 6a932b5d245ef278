/* dictionary: codes in the order met, for any bytes, up to a limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "mlgate/table.h"
#include "named_rows.h"

static void codes_follow_the_order_met(void **state)
{
    (void)state;
    struct mlg_dictionary *dictionary = mlg_dictionary_new(0);
    assert_int_equal(mlg_dictionary_code(dictionary, "Male", 4), 0);
    assert_int_equal(mlg_dictionary_code(dictionary, "Female", 6), 1);
    assert_int_equal(mlg_dictionary_code(dictionary, "Male", 4), 0);
    assert_int_equal(mlg_dictionary_count(dictionary), 2);
    mlg_dictionary_free(dictionary);
}

static void values_differ_by_length_case_and_every_byte(void **state)
{
    (void)state;
    static const char *const values[] = {"",          "a",         "A",         "aa",       "abcdefgh",
                                         "abcdefghi", "abcdefgh ", "bbcdefghi", "\xff\xfe", " a"};
    struct mlg_dictionary *dictionary = mlg_dictionary_new(0);
    for (uint32_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_int_equal(mlg_dictionary_code(dictionary, values[i], strlen(values[i])), i);
    mlg_dictionary_free(dictionary);
}

static void texts_stay_where_they_are_while_values_are_added(void **state)
{
    (void)state;
    enum { VALUES = 20000 };
    struct mlg_dictionary *dictionary = mlg_dictionary_new(0);
    char text[32];
    mlg_dictionary_code(dictionary, "first", 5);
    const char *first = mlg_dictionary_text(dictionary, 0, NULL);
    for (uint32_t i = 1; i < VALUES; i++) {
        size_t size = (size_t)snprintf(text, sizeof text, "value %u", (unsigned)i);
        assert_int_equal(mlg_dictionary_code(dictionary, text, size), i);
    }
    assert_ptr_equal(mlg_dictionary_text(dictionary, 0, NULL), first);
    for (uint32_t i = 1; i < VALUES; i++) {
        size_t size, expected = (size_t)snprintf(text, sizeof text, "value %u", (unsigned)i);
        assert_string_equal(mlg_dictionary_text(dictionary, i, &size), text);
        assert_int_equal(size, expected);
    }
    mlg_dictionary_free(dictionary);
}

static void a_value_beyond_the_limit_has_no_code_and_known_ones_keep_theirs(void **state)
{
    (void)state;
    struct mlg_dictionary *dictionary = mlg_dictionary_new(2);
    assert_int_equal(mlg_dictionary_code(dictionary, "a", 1), 0);
    assert_int_equal(mlg_dictionary_code(dictionary, "b", 1), 1);
    assert_int_equal(mlg_dictionary_code(dictionary, "c", 1), MLG_NO_CODE);
    assert_int_equal(mlg_dictionary_code(dictionary, "b", 1), 1);
    assert_int_equal(mlg_dictionary_count(dictionary), 2);
    mlg_dictionary_free(dictionary);
}

static void a_text_longer_than_a_block_is_kept_whole(void **state)
{
    (void)state;
    static char text[100000];
    memset(text, 'x', sizeof text);
    struct mlg_dictionary *dictionary = mlg_dictionary_new(0);
    size_t size;
    assert_int_equal(mlg_dictionary_code(dictionary, text, sizeof text), 0);
    assert_int_equal(mlg_dictionary_code(dictionary, text, sizeof text - 1), 1);
    assert_memory_equal(mlg_dictionary_text(dictionary, 0, &size), text, sizeof text);
    assert_int_equal(size, sizeof text);
    mlg_dictionary_free(dictionary);
}

struct missing {
    const char *name, *text;
    bool missing;
};
static struct missing missing_rows[] = {
    {"nothing is missing", "", true},
    {"NA is missing", "NA", true},
    {"na is a value", "na", false},
    {"NaN is missing", "NaN", true},
    {"nan is missing", "nan", true},
    {"null is missing", "null", true},
    {"NULL is missing", "NULL", true},
    {"None is a value", "None", false},
    {"a space is a value", " ", false},
    {"N/A is a value", "N/A", false},
    {"nan with a sign is a value", "-nan", false},
    {"0 is a value", "0", false},
};

static void tells_missing(void **state)
{
    const struct missing *row = *state;
    assert_int_equal(mlg_is_missing(row->text, strlen(row->text)), row->missing);
}

/* FIPS 180-4, as in the examples of NIST's "Secure Hashing" page. */
static void sha256_agrees_with_the_examples_of_its_standard(void **state)
{
    (void)state;
    char hex[65];
    mlg_sha256("", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    mlg_sha256("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
    enum { FIXED = 6 };
    struct CMUnitTest tests[FIXED + COUNT(missing_rows)] = {
        cmocka_unit_test(codes_follow_the_order_met),
        cmocka_unit_test(values_differ_by_length_case_and_every_byte),
        cmocka_unit_test(texts_stay_where_they_are_while_values_are_added),
        cmocka_unit_test(a_value_beyond_the_limit_has_no_code_and_known_ones_keep_theirs),
        cmocka_unit_test(a_text_longer_than_a_block_is_kept_whole),
        cmocka_unit_test(sha256_agrees_with_the_examples_of_its_standard),
    };
    size_t count = FIXED;
    NAMED_ROWS(tests, count, missing_rows, tells_missing);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
