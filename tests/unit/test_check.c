/* The check language: what is written, what it means, and what is said about mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlgate/check.h"
#include "named_rows.h"

/* ---- what it means --------------------------------------------------------------------------- */

static const struct meaning {
    const char *name, *text, *printed;
    enum mlg_comparator comparator;
    double limit;
} meanings[] = {
    {"a quantity, a comparator and a limit", "roc_auc >= 0.85", "roc_auc >= 0.85", MLG_AT_LEAST, 0.85},
    {"spaces do not matter", "  roc_auc>=0.85\n", "roc_auc >= 0.85", MLG_AT_LEAST, 0.85},
    {"at most", "log_loss <= .5", "log_loss <= 0.5", MLG_AT_MOST, 0.5},
    {"above", "mcc > -0.25", "mcc > -0.25", MLG_ABOVE, -0.25},
    {"below", "mae < 12", "mae < 12", MLG_BELOW, 12},
    {"a percentage is a hundredth", "recall >= 60%", "recall >= 0.6", MLG_AT_LEAST, 0.6},
    {"a percent sign may stand apart", "accuracy >= 85 %", "accuracy >= 0.85", MLG_AT_LEAST, 0.85},
    {"a percentage with a fraction", "fpr <= 0.5%", "fpr <= 0.005", MLG_AT_MOST, 0.005},
    {"scientific notation", "brier <= 1.5e-1", "brier <= 0.15", MLG_AT_MOST, 0.15},
    {"a very small limit", "brier <= 1e-9", "brier <= 1e-9", MLG_AT_MOST, 1e-9},
    {"a very large limit", "mse <= 25e20", "mse <= 25e20", MLG_AT_MOST, 25e20},
    {"trailing zeros do not matter", "f1 >= 0.700", "f1 >= 0.7", MLG_AT_LEAST, 0.7},
    {"every digit of a limit is kept", "f1 >= 0.12345678901234567", "f1 >= 0.12345678901234567", MLG_AT_LEAST,
     0.12345678901234567},
    {"eighteen digits are the most", "f1 >= 0.123456789012345678", "f1 >= 0.123456789012345678", MLG_AT_LEAST,
     0.123456789012345678},
    {"zeros at the end are no digits", "f1 >= 0.1000000000000000000000000", "f1 >= 0.1", MLG_AT_LEAST, 0.1},
    {"minus zero is zero", "gap >= -0", "gap >= 0", MLG_AT_LEAST, -0.0},
    {"a named argument", "f1(average=macro) >= 0.7", "f1(average=macro) >= 0.7", MLG_AT_LEAST, 0.7},
    {"a positional argument", "gap(accuracy) <= 0.03", "gap(accuracy) <= 0.03", MLG_AT_MOST, 0.03},
    {"several arguments", "gap( f1 ,average = macro )<=3%", "gap(f1, average=macro) <= 0.03", MLG_AT_MOST,
     0.03},
    {"a value in single quotes", "recall(class='a b') > 0", "recall(class='a b') > 0", MLG_ABOVE, 0},
    {"a value in double quotes", "recall(class=\"it's\") > 0", "recall(class=\"it's\") > 0", MLG_ABOVE, 0},
    {"needless quotes are left out", "recall(class='yes') > 0", "recall(class=yes) > 0", MLG_ABOVE, 0},
    {"an empty value in quotes", "recall(class='') > 0", "recall(class='') > 0", MLG_ABOVE, 0},
    {"a value with the letters of paths", "flips(out/a-b_c.csv) <= 0.1%", "flips(out/a-b_c.csv) <= 0.001",
     MLG_AT_MOST, 0.001},
    {"letters of other scripts", "recall(class=größer) > 0", "recall(class=größer) > 0", MLG_ABOVE, 0},
    {"operators within quotes are text", "recall(class='>50K') >= 0.5", "recall(class='>50K') >= 0.5",
     MLG_AT_LEAST, 0.5},
    {"a quantity without limit is only reported", "log_loss", "log_loss", MLG_NO_COMPARATOR, 0},
    {"a predicate of a gate", "identical(model.npz)", "identical(model.npz)", MLG_NO_COMPARATOR, 0},
};

static char *print(const struct mlg_check *check)
{
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    mlg_check_print(check, &out);
    assert_false(out.failed);
    return out.data;
}

static void test_meaning(void **state)
{
    const struct meaning *row = *state;
    struct mlg_arena arena;
    struct mlg_error error = {0};
    struct mlg_check check, again;
    char *first, *second;

    mlg_arena_init(&arena, 0);
    if (mlg_check_parse(row->text, strlen(row->text), &arena, &check, &error))
        fail_msg("%s", error.text);
    assert_int_equal(check.comparator, row->comparator);
    if (row->comparator != MLG_NO_COMPARATOR)
        assert_memory_equal(&check.limit.value, &(double){row->limit}, sizeof(double));
    first = print(&check);
    assert_string_equal(first, row->printed);
    assert_int_equal(mlg_check_parse(first, strlen(first), &arena, &again, &error), 0);
    second = print(&again);
    assert_string_equal(first, second);
    free(first);
    free(second);
    mlg_arena_free(&arena);
}

static void test_parts(void **state)
{
    static const char text[] = " recall( yes, average = 'macro' ) >= 60 % ";
    struct mlg_arena arena;
    struct mlg_check check;
    struct mlg_builder quantity;

    (void)state;
    mlg_arena_init(&arena, 0);
    assert_int_equal(mlg_check_parse(text, strlen(text), &arena, &check, NULL), 0);
    assert_string_equal(check.written, "recall( yes, average = 'macro' ) >= 60 %");
    assert_string_equal(check.name, "recall");
    assert_int_equal(check.name_offset, 0);
    assert_int_equal(check.argument_count, 2);
    assert_null(check.arguments[0].name);
    assert_string_equal(check.arguments[0].value, "yes");
    assert_string_equal(check.written + check.arguments[0].offset, "yes, average = 'macro' ) >= 60 %");
    assert_string_equal(check.arguments[1].name, "average");
    assert_string_equal(check.arguments[1].value, "macro");
    assert_string_equal(check.written + check.arguments[1].offset, "'macro' ) >= 60 %");
    assert_string_equal(check.written + check.limit_offset, "60 %");
    assert_true(check.limit.exact);
    mlg_builder_init(&quantity, 0);
    mlg_check_print_quantity(&check, &quantity);
    assert_string_equal(quantity.data, "recall(yes, average=macro)");
    mlg_builder_free(&quantity);
    mlg_arena_free(&arena);
}

/* ---- mistakes -------------------------------------------------------------------------------- */

static const struct mistake {
    const char *name, *text;
    unsigned column;
    const char *told;
} mistakes[] = {
    {"nothing at all", "", 1, "the check is empty; write for example 'roc_auc >= 0.85'"},
    {"the quantity is missing", ">= 0.85", 1,
     "the quantity is missing before '>='; write for example 'roc_auc >= 0.85'"},
    {"an arrow is no comparator", "roc_auc => 0.85", 9, "'=>' is no comparator; write '>='"},
    {"equal or less is written the other way round", "roc_auc =< 0.85", 9,
     "'=<' is no comparator; write '<='"},
    {"equality is no comparator", "roc_auc == 0.9", 9, "'==' is no comparator; one of >=, <=, > and < is"},
    {"a single equals sign is no comparator", "roc_auc = 0.9", 9,
     "'=' is no comparator; one of >=, <=, > and < is"},
    {"inequality is no comparator", "roc_auc != 0.9", 9, "'!=' is no comparator; one of >=, <=, > and < is"},
    {"a mathematical sign is no comparator", "accuracy ≥ 0.5", 10, "'≥' is no comparator; write '>='"},
    {"a mathematical sign without spaces", "accuracy≤0.5", 9, "'≤' is no comparator; write '<='"},
    {"a comparator torn apart", "accuracy > = 0.5", 12, "unexpected '='; '>=' is written without a space"},
    {"the comparator is missing", "roc_auc 0.85", 9,
     "a comparator is missing before '0.85'; write for example 'roc_auc >= 0.85'"},
    {"a word instead of the comparator", "roc_auc above 0.85", 9,
     "unexpected 'above' after the quantity; one of >=, <=, > and < would be accepted"},
    {"the limit first", "0.85 <= roc_auc", 1,
     "the limit stands before the quantity; write 'roc_auc >= 0.85'"},
    {"the limit first, with the other sign", "5% > fpr", 1,
     "the limit stands before the quantity; write 'fpr < 5%'"},
    {"the limit first, with arguments", "0.8 < f1(average=macro)", 1,
     "the limit stands before the quantity; write the quantity first, as in 'roc_auc >= 0.85'"},
    {"a range", "0.6 <= f1 <= 0.9", 1,
     "the limit stands before the quantity; write the quantity first, as in 'roc_auc >= 0.85'"},
    {"a number alone", "0.85", 1,
     "'0.85' is no quantity; a check begins with one, such as 'roc_auc >= 0.85'"},
    {"two limits", "f1 >= 0.6 <= 0.9", 11, "unexpected '<='; a check has one comparator and one limit"},
    {"two checks in one", "accuracy >= 0.9 and f1 >= 0.8", 17,
     "unexpected 'and' after the limit; every check stands for itself"},
    {"the next check on the same line, since it was indented too far", "accuracy >= 0.9 - f1 >= 0.8", 17,
     "unexpected '-' after the limit; a '-' that begins the next check stands as far left as the one before"},
    {"a class that begins with an operator", "recall(class=>50K, average=macro) >= 0.5", 14,
     "a value that begins with '>' stands in quotes: class=\">50K\""},
    {"the limit is missing", "accuracy >=", 12, "the limit is missing after '>='"},
    {"a decimal comma", "accuracy >= 0,85", 13, "'0,85' is no number; the decimal mark is a point: '0.85'"},
    {"a comma between thousands", "rows >= 1,000", 9,
     "'1,000' is no number; write '1000', or '1.000' if ',' is a decimal mark"},
    {"nineteen digits", "accuracy >= 0.5000000000000000001", 13,
     "'0.5000000000000000001' cannot be compared without rounding; a limit has at most 18 digits and lies "
     "between 1e-30 and 1e30"},
    {"a limit between whole numbers", "rows > 3.9999999999999999999", 8,
     "'3.9999999999999999999' cannot be compared without rounding; a limit has at most 18 digits and lies "
     "between 1e-30 and 1e30"},
    {"a power of ten beyond reason", "mse <= 1e31", 8,
     "'1e31' cannot be compared without rounding; a limit has at most 18 digits and lies between 1e-30 and "
     "1e30"},
    {"a word instead of the limit", "accuracy >= high", 13,
     "'high' is no number; a limit is one, such as 0.85, 85% or 1e-3"},
    {"another quantity as the limit", "accuracy >= f1", 13,
     "'f1' is no number; a limit is one, such as 0.85, 85% or 1e-3"},
    {"a limit in quotes", "accuracy >= '0.85'", 13, "the limit is a number and stands without quotes"},
    {"nan is no limit", "accuracy >= nan", 13,
     "'nan' is no number; a limit is one, such as 0.85, 85% or 1e-3"},
    {"infinity is no limit", "mse <= inf", 8,
     "'inf' is no number; a limit is one, such as 0.85, 85% or 1e-3"},
    {"a hexadecimal limit", "accuracy >= 0x1", 13,
     "'0x1' is no number; a limit is one, such as 0.85, 85% or 1e-3"},
    {"two percent signs", "accuracy >= 85%%", 16,
     "unexpected '%' after the limit; every check stands for itself"},
    {"a closing parenthesis is missing", "f1(average=macro >= 0.7", 18,
     "')' is missing after the arguments of 'f1'"},
    {"a closing parenthesis is missing at the end", "f1(average=macro", 17,
     "')' is missing after the arguments of 'f1'"},
    {"an opening parenthesis is missing", "f1 average=macro) >= 0.7", 4,
     "unexpected 'average' after the quantity; one of >=, <=, > and < would be accepted"},
    {"a closing parenthesis too many", "f1(macro)) >= 0.7", 10,
     "')' closes nothing; the arguments of 'f1' end before it"},
    {"a closing parenthesis alone", "f1) >= 0.7", 3, "')' closes nothing; '(' is missing after 'f1'"},
    {"parentheses with nothing between", "accuracy() >= 0.7", 10,
     "nothing stands between '(' and ')'; 'accuracy' alone has no parentheses"},
    {"an argument is missing", "f1(macro,) >= 0.7", 10, "an argument is missing before ')'"},
    {"an argument is missing at the beginning", "f1(,macro) >= 0.7", 4, "an argument is missing before ','"},
    {"nothing behind the parenthesis", "f1(", 4, "an argument and ')' are missing at the end"},
    {"a value is missing", "f1(average=) >= 0.7", 12, "a value is missing after 'average='"},
    {"a comparison within the arguments", "f1(average==macro) >= 0.7", 11,
     "unexpected '=='; an argument is written 'average=VALUE'"},
    {"an argument given twice", "f1(average=macro, average=micro) >= 0.7", 19,
     "argument 'average' is given twice; give one"},
    {"an argument name with a dash", "f1(a-b=c) >= 0.7", 4,
     "'a-b' is no argument name; names are letters, digits and '_', such as average; a value with '=' in it "
     "stands in quotes"},
    {"parentheses in parentheses", "gap(f1(average=macro)) <= 0.1", 7,
     "parentheses cannot stand inside parentheses; the arguments of 'f1' follow it: gap(f1, NAME=VALUE)"},
    {"a value with a space", "recall(class=a b) >= 0.5", 16,
     "unexpected 'b' after 'a'; ',' or ')' would be accepted, and a value with spaces or special characters "
     "stands in quotes"},
    {"a value with a special character", "recall(class=a&b) >= 0.5", 15,
     "unexpected '&' after 'a'; ',' or ')' would be accepted, and a value with spaces or special characters "
     "stands in quotes"},
    {"a special character first", "ratio(*) >= 0.8", 7,
     "unexpected '*' in the arguments; a value with special characters stands in quotes"},
    {"a quote that is never closed", "recall(class=\"a) >= 0.5", 14,
     "the quote \" that begins here is never closed"},
    {"a control character in quotes", "recall(class='a\001') > 1", 16,
     "a control character cannot stand in a quoted value"},
    {"a dash in a quantity", "roc-auc >= 0.85", 4,
     "quantities are written with '_', not '-'; write 'roc_auc'"},
    {"a special character first of all", "@accuracy >= 0.5", 1,
     "unexpected '@'; a check begins with a quantity, such as 'roc_auc >= 0.85'"},
    {"a quantity in quotes", "'roc_auc' >= 0.5", 1,
     "unexpected '''; a check begins with a quantity, such as 'roc_auc >= 0.85'"},
    {"a list of quantities", "f1, accuracy", 3,
     "unexpected ',' after the quantity; one of >=, <=, > and < would be accepted"},
};

static void test_mistake(void **state)
{
    const struct mistake *row = *state;
    struct mlg_arena arena;
    struct mlg_error error = {0};
    struct mlg_check check;
    char told[MLG_ERROR_SIZE + 16], expected[MLG_ERROR_SIZE + 16];

    mlg_arena_init(&arena, 0);
    assert_int_equal(mlg_check_parse(row->text, strlen(row->text), &arena, &check, &error), MLG_CONFIG);
    snprintf(told, sizeof told, "%u: %s", error.place.column, error.text);
    snprintf(expected, sizeof expected, "%u: %s", row->column, row->told);
    assert_string_equal(told, expected);
    mlg_arena_free(&arena);
}

static void test_limits(void **state)
{
    char text[MLG_CHECK_SIZE * 2];
    struct mlg_arena arena;
    struct mlg_error error = {0};
    struct mlg_check check;
    size_t size = (size_t)snprintf(text, sizeof text, "f(a");

    (void)state;
    mlg_arena_init(&arena, 0);
    memset(text + 3, 'a', sizeof text - 3);
    assert_int_equal(mlg_check_parse(text, MLG_CHECK_SIZE + 1, &arena, &check, &error), MLG_CONFIG);
    assert_string_equal(error.text, "the check has 1001 bytes; at most 1000 are read");
    for (int i = 1; i < MLG_CHECK_ARGUMENTS; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, ",a");
    strcpy(text + size, ")");
    assert_int_equal(mlg_check_parse(text, size + 1, &arena, &check, &error), 0);
    assert_int_equal(check.argument_count, MLG_CHECK_ARGUMENTS);
    strcpy(text + size, ",a)");
    assert_int_equal(mlg_check_parse(text, size + 3, &arena, &check, &error), MLG_CONFIG);
    assert_string_equal(error.text, "'f' has more than 16 arguments");
    assert_int_equal(mlg_check_parse("f\0 > 1", 6, &arena, &check, &error), MLG_CONFIG);
    assert_string_equal(error.text, "the check holds a zero byte");
    mlg_arena_free(&arena);
}

/* Without memory a check is a clean error, wherever memory ends. */
static void test_memory(void **state)
{
    static const char text[] = "recall(class='a b', average=macro) >= 0.5";
    struct mlg_arena arena;
    struct mlg_check check;
    int status = MLG_LIMIT;

    (void)state;
    for (size_t maximum = 1; status != 0 && maximum < 4096; maximum += 8) {
        struct mlg_error error = {0};
        mlg_arena_init(&arena, maximum);
        status = mlg_check_parse(text, strlen(text), &arena, &check, &error);
        if (status) {
            assert_int_equal(status, MLG_LIMIT);
            assert_string_equal(error.text, "no memory left for a check");
        }
        mlg_arena_free(&arena);
    }
    assert_int_equal(status, 0);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(meanings) + COUNT(mistakes) + 3] = {
        {.name = "the parts of a check know where they stand", .test_func = test_parts},
        {.name = "sizes are limited", .test_func = test_limits},
        {.name = "no memory is a clean error", .test_func = test_memory},
    };
    size_t count = 3;

    NAMED_ROWS(tests, count, meanings, test_meaning);
    NAMED_ROWS(tests, count, mistakes, test_mistake);
    return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
