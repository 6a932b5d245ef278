/* The console report: what a person reads in a terminal or a log. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mlgate/report.h"
#include "named_rows.h"
#include "results_fixture.h"

static void write_console(const struct fixture *fixture, bool colour, unsigned width, struct mlg_builder *out)
{
    struct mlg_report_options options = {.colour = colour, .width = width};
    mlg_builder_init(out, 0);
    mlg_report_find("console")->write(&fixture->results, &options, out);
    assert_false(out->failed);
}

/* ---- whole texts ----------------------------------------------------------------------------------- */

struct golden_row {
    const char *name;
    const char *file;
    void (*make)(struct fixture *fixture);
    bool colour;
    unsigned width;
};

static void many_slices(struct fixture *fixture)
{
    fixture_init(fixture);
    struct mlg_gate_result *gate = fixture_gate(fixture, "accuracy", "accuracy on test (2,613 rows)");
    for (int i = 0; i < 260; i++) {
        bool fails = i % 10 == 3;
        struct mlg_check_result *check =
            fixture_check(fixture, gate, "recall >= 0.8", fails ? MLG_FAIL : MLG_PASS, fails ? 0.7 : 0.9,
                          fails ? 0.65 : 0.85, fails ? 0.75 : 0.95);
        char *city = mlg_arena_format(&fixture->arena, "town %d", i);
        fixture_slice(fixture, check, "city", city);
    }
    fixture_check(fixture, gate, "recall >= 0.8", MLG_PASS, 0.88, 0.87, 0.89);
    for (int i = 0; i < 25; i++)
        fixture_reported(fixture, gate, "log_loss", 0.5);
    mlg_results_conclude(&fixture->results);
}

static void long_texts(struct fixture *fixture)
{
    fixture_init(fixture);
    struct mlg_gate_result *gate = fixture_gate(
        fixture, "accuracy",
        "accuracy of a model with quite a long name on data with quite a long name (2,613 rows)");
    struct mlg_check_result *check =
        fixture_check(fixture, gate, "precision_at_recall(x=0.8) >= 0.3", MLG_FAIL, 0.25, 0.2, 0.29);
    fixture_slice(fixture, check, "occupation", "Transportation and material moving occupations");
    check->reason = "the whole interval is below the limit";
    check = fixture_check(fixture, gate, "f1 >= 0.3", MLG_INCONCLUSIVE, 0.31, 0.2, 0.4);
    fixture_slice(fixture, check, "key",
                  "averylongvaluewithoutanyspacesinitthatmustbecutsomewhereoritwouldrunoverthemargin");
    mlg_results_conclude(&fixture->results);
}

static void only_errors(struct fixture *fixture)
{
    fixture_init(fixture);
    fixture->results.config_sha256 = NULL;
    fixture_error(fixture, "mlgate.yaml:7:9: unknown key 'chekcs'; did you mean 'checks'?");
    fixture_error(fixture, "mlgate.yaml:9:9: 'confidence' must be between 0.5 and 1");
    mlg_results_conclude(&fixture->results);
}

static const struct golden_row goldens[] = {
    {"the example of the design reads as the design says", "example.txt", fixture_example, false, 0},
    {"every verdict, note, waiver and error has its words", "everything.txt", fixture_everything, false, 0},
    {"colour touches symbols only", "everything-colour.txt", fixture_everything, true, 0},
    {"lines are wrapped in a terminal of 100 columns", "everything-100.txt", fixture_everything, false, 100},
    {"long names are wrapped in a terminal of 80 columns", "long-80.txt", long_texts, false, 80},
    {"what did not pass has a table of its groups", "groups.txt", fixture_groups, false, 0},
    {"the table of groups fits where the terminal is wide enough", "groups-90.txt", fixture_groups, false,
     90},
    {"in a narrow terminal each group has lines of its own", "groups-60.txt", fixture_groups, false, 60},
    {"of hundreds of slices those that passed are cut, those that failed never", "many-slices.txt",
     many_slices, false, 0},
    {"a suite that could not be read says why", "errors.txt", only_errors, false, 80},
};

static void test_golden(void **state)
{
    const struct golden_row *row = *state;
    struct fixture fixture;
    struct mlg_builder text;
    row->make(&fixture);
    write_console(&fixture, row->colour, row->width, &text);
    fixture_assert_golden(row->file, &text);
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

/* ---- numbers --------------------------------------------------------------------------------------- */

struct number_row {
    const char *name;
    const char *check;
    enum mlg_verdict verdict;
    double estimate, lower, upper;
    const char *method;
    const char *shown;
};

static const struct number_row numbers[] = {
    {"three decimals are enough where they tell", "f1 >= 0.7", MLG_PASS, 0.81234, 0.8, 0.82, "delta",
     "  0.812  [0.800, 0.820]\n"},
    {"a failing value is not rounded onto its limit", "f1 >= 0.7", MLG_FAIL, 0.69996, 0.6, 0.699991, "delta",
     "  0.69996  [0.60000, 0.69999]"},
    {"a failing bound is not rounded onto the limit", "f1 <= 0.5", MLG_FAIL, 0.52, 0.50001, 0.53, "delta",
     "  0.52000  [0.50001, 0.53000]"},
    {"a bound just below the limit does not look as if it met it", "f1 >= 0.7", MLG_INCONCLUSIVE, 0.72,
     0.6998, 0.74, "delta", "  0.7200  [0.6998, 0.7400]"},
    {"a value that equals its limit equals it in print", "f1 >= 0.7", MLG_INCONCLUSIVE, 0.7, 0.65, 0.75,
     "delta", "  0.700  [0.650, 0.750]"},
    {"the last bit of a double still shows", "f1 >= 0.7", MLG_FAIL, 0.69999999999999996, 0.5,
     0.69999999999999985, "delta", "  0.7  [0.5, 0.6999999999999998]"},
    {"a small value keeps digits that mean something", "flips <= 0.001", MLG_FAIL, 0.00123, 0.00112, 0.00141,
     "wilson", "  0.0012  [0.0011, 0.0014]"},
    {"a tiny value is no zero", "mse <= 1", MLG_PASS, 3e-9, 2e-9, 4e-9, "t",
     "  0.000000003  [0.000000002, 0.000000004]"},
    {"a value beyond decimals has three digits that count", "mse <= 1", MLG_PASS, 2.2204460492503136e-16,
     1.23456e-17, 0.5, "t", "  2.22e-16  [1.23e-17, 0.5]"},
    {"as many more as keep its side", "mse <= 1.24e-17", MLG_PASS, 1.2345e-17, 1.2e-17, 1.2399e-17, "t",
     "  1.2345e-17  [1.2e-17, 1.2399e-17]"},
    {"a value beyond decimals is exact text", "mse <= 1", MLG_PASS, 1e-20, 0, 2e-20, "t",
     "  1e-20  [0, 2e-20]"},
    {"a huge value is exact text", "mse <= 1", MLG_FAIL, 1e300, 1e299, 2e300, "t",
     "  1e+300  [1e+299, 2e+300]"},
    {"a zero is a zero", "fpr <= 0.1", MLG_PASS, 0, 0, 0.05, "wilson", "  0.000  [0.000, 0.050]"},
    {"there is no minus zero", "mean_error <= 1", MLG_PASS, -0.0, -0.0001, 0.2, "t",
     "  0.000  [0.000, 0.200]"},
    {"a count has commas and no bounds", "rows >= 1000", MLG_PASS, 1234567, 1234567, 1234567, "exact",
     "  1,234,567\n"},
    {"an exact share keeps its decimals", "overlap_rate <= 0.1", MLG_PASS, 0.0625, 0.0625, 0.0625, "exact",
     "  0.062\n"},
    {"one bound alone is shown as one", "mse <= 1", MLG_PASS, 0.5, NAN, 0.6, "t", "  0.500  [..., 0.600]"},
    {"no bounds at all are not shown", "max_error <= 1", MLG_PASS, 0.5, NAN, NAN, "none", "  0.500\n"},
    {"no number at all leaves the reason", "mse <= 1", MLG_VERDICT_ERROR, NAN, NAN, NAN, NULL, "mse <= 1\n"},
};

static void test_number(void **state)
{
    const struct number_row *row = *state;
    struct fixture fixture;
    struct mlg_builder text;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    struct mlg_check_result *check =
        fixture_check(&fixture, gate, row->check, row->verdict, row->estimate, row->lower, row->upper);
    check->method = row->method;
    mlg_results_conclude(&fixture.results);
    write_console(&fixture, false, 0, &text);
    fixture_assert_has(&text, row->shown);
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

/* ---- the last line --------------------------------------------------------------------------------- */

struct ending_row {
    const char *name;
    enum mlg_verdict verdicts[6];
    size_t count;
    size_t not_enforced; /* of the first ones */
    bool gate_error;
    const char *ending;
};

static const struct ending_row endings[] = {
    {"all passed",
     {MLG_PASS, MLG_PASS},
     2,
     0,
     false,
     "\npassed: 2 passed, all 2 judged          (one-sided 95 % bounds; exit 0)\n"},
    {"a single check",
     {MLG_PASS},
     1,
     0,
     false,
     "\npassed: 1 passed, the only one judged          (one-sided 95 % bounds; exit 0)\n"},
    {"inconclusive alone blocks",
     {MLG_INCONCLUSIVE, MLG_PASS},
     2,
     0,
     false,
     "\nblocked: 1 inconclusive, 1 passed, all 2 judged          (one-sided 95 % bounds; exit 2)\n"},
    {"what could not be measured is counted",
     {MLG_FAIL, MLG_VERDICT_ERROR, MLG_VERDICT_ERROR, MLG_PASS},
     4,
     0,
     false,
     "\nblocked: 1 failed, 1 passed, 2 of 4 not judged: could not measure          (one-sided 95 % bounds; "
     "exit 1)\n"},
    {"what is not applicable is counted",
     {MLG_NOT_APPLICABLE, MLG_PASS},
     2,
     0,
     false,
     "\npassed: 1 passed, 1 of 2 not judged: not applicable          (one-sided 95 % bounds; exit 0)\n"},
    {"both are told apart",
     {MLG_NOT_APPLICABLE, MLG_VERDICT_ERROR},
     2,
     0,
     false,
     "\nblocked: 2 of 2 not judged: 1 could not be measured, 1 not applicable          (one-sided 95 % "
     "bounds; exit 3)\n"},
    {"waived is named", {MLG_WAIVED, MLG_PASS}, 2, 0, false, "\npassed: 1 waived, 1 passed, all 2 judged  "},
    {"what is not enforced is named",
     {MLG_FAIL, MLG_FAIL, MLG_PASS},
     3,
     2,
     false,
     "\nnothing blocks: 2 failed but are not enforced, 1 passed, all 3 judged  "},
    {"what is not enforced is told from what is",
     {MLG_FAIL, MLG_FAIL, MLG_PASS},
     3,
     1,
     false,
     "\nblocked: 2 failed (1 not enforced), 1 passed, all 3 judged  "},
    {"an error that is not enforced is named",
     {MLG_VERDICT_ERROR, MLG_PASS},
     2,
     1,
     false,
     "\nnothing blocks: 1 passed, 1 of 2 not judged: could not measure (not enforced)  "},
    {"a suite in which nothing could be measured is blocked, enforced or not",
     {MLG_VERDICT_ERROR, MLG_NOT_APPLICABLE},
     2,
     1,
     false,
     "\nblocked: 2 of 2 not judged: 1 could not be measured, 1 not applicable (not enforced), 1 error of the "
     "suite  "},
    {"a gate that could not be judged is counted",
     {MLG_PASS},
     0,
     0,
     true,
     "\nblocked: nothing judged, 1 gate not judged          (exit 3)\n"},
    {"no check at all is blocked", {MLG_PASS}, 0, 0, false, "\nblocked: nothing judged          (exit 3)\n"},
};

static void test_ending(void **state)
{
    const struct ending_row *row = *state;
    struct fixture fixture;
    struct mlg_builder text;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    for (size_t i = 0; i < row->count; i++) {
        struct mlg_check_result *check =
            fixture_check(&fixture, gate, "f1 >= 0.5", row->verdicts[i], 0.5, 0.4, 0.6);
        check->enforce = i >= row->not_enforced;
        if (row->verdicts[i] == MLG_WAIVED)
            check->underlying = MLG_FAIL;
    }
    if (row->gate_error)
        gate->error = "cannot open 'test.csv'";
    mlg_results_conclude(&fixture.results);
    write_console(&fixture, false, 0, &text);
    fixture_assert_has(&text, row->ending);
    const char *last = strrchr(text.data, '(');
    assert_non_null(last);
    assert_string_equal(strchr(last, '\n'), "\n"); /* the verdict is the last line */
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

/* ---- confidences ----------------------------------------------------------------------------------- */

static void test_other_confidences_are_stated(void **state)
{
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    fixture_check(&fixture, gate, "f1 >= 0.5", MLG_PASS, 0.7, 0.6, 0.8)->confidence = 0.999;
    fixture_check(&fixture, gate, "mcc >= 0.5", MLG_PASS, 0.7, 0.6, 0.8)->confidence = 0.58;
    fixture_check(&fixture, gate, "npv >= 0.5", MLG_PASS, 0.7, 0.6, 0.8)->confidence = 0.58;
    mlg_results_conclude(&fixture.results);
    write_console(&fixture, false, 0, &text);
    fixture_assert_has(&text, "f1 >= 0.5   0.700  [0.600, 0.800]  at 99.9 %\n");
    fixture_assert_has(&text, "mcc >= 0.5  0.700  [0.600, 0.800]\n");
    fixture_assert_has(&text, "(one-sided 58 % bounds unless stated; exit 0)");
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

static void test_the_confidence_of_reported_ones_is_the_usual_one(void **state)
{
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    fixture_reported(&fixture, gate, "log_loss", 0.5);
    fixture_reported(&fixture, gate, "f1", 0.5);
    for (size_t i = 0; i < 2; i++) {
        gate->reported[i].lower = gate->reported[i].upper = (struct mlg_optional){true, 0.5};
        gate->reported[i].confidence = 0.9;
    }
    mlg_results_conclude(&fixture.results);
    write_console(&fixture, false, 0, &text);
    fixture_assert_lacks(&text, "at 90 %");
    fixture_assert_has(&text, "(one-sided 90 % bounds; exit 3)");
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

static void test_many_inconclusive_ones_are_counted(void **state)
{
    struct fixture fixture;
    struct mlg_builder text;
    size_t lines = 0;
    (void)state;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    for (int i = 0; i < 300; i++) {
        struct mlg_check_result *check =
            fixture_check(&fixture, gate, "f1 >= 0.5", MLG_INCONCLUSIVE, 0.5, 0.4, 0.6);
        fixture_slice(&fixture, check, "town", mlg_arena_format(&fixture.arena, "t%d", i));
        check->blocks = i >= 299;
    }
    fixture_check(&fixture, gate, "f1 >= 0.5", MLG_INCONCLUSIVE, 0.5, 0.4, 0.6)->blocks = false;
    mlg_results_conclude(&fixture.results);
    write_console(&fixture, false, 0, &text);
    for (const char *c = text.data; (c = strstr(c, "????")); c++)
        lines++;
    assert_int_equal(lines, 50);
    assert_true(strstr(text.data, "town=t299") < strstr(text.data, "f1 >= 0.5  "));
    assert_true(strstr(text.data, "f1 >= 0.5  ") < strstr(text.data, "town=t0"));
    fixture_assert_has(&text, "        and 251 more inconclusive; a json or junit report lists them all\n");
    fixture_assert_has(&text, "\nblocked: 301 inconclusive (300 only warn), all 301 judged");
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

static void test_what_blocks_stands_before_what_does_not(void **state)
{
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    fixture_check(&fixture, gate, "f1 >= 0.5", MLG_FAIL, 0.4, 0.3, 0.45)->enforce = false;
    fixture_check(&fixture, gate, "mcc >= 0.5", MLG_FAIL, 0.4, 0.3, 0.45);
    mlg_results_conclude(&fixture.results);
    write_console(&fixture, false, 0, &text);
    assert_true(strstr(text.data, "FAIL  mcc") < strstr(text.data, "FAIL  f1"));
    fixture_assert_has(&text, "not enforced");
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

/* ---- width and hostile texts ----------------------------------------------------------------------- */

struct width_row {
    const char *name;
    unsigned width;
    size_t longest;
};

static const struct width_row widths[] = {
    {"a terminal of 40 columns is kept", 40, 40},   {"a terminal of 60 columns is kept", 60, 60},
    {"a terminal of 80 columns is kept", 80, 80},   {"a terminal of 120 columns is kept", 120, 120},
    {"a terminal of 1 column counts as 40", 1, 40},
};

static void assert_lines_fit(const char *text, size_t longest)
{
    char line[4096];
    while (*text) {
        size_t size = strcspn(text, "\n");
        assert_true(size < sizeof line);
        memcpy(line, text, size);
        line[size] = '\0';
        if (mlg_text_width(line) > longest)
            fail_msg("%zu columns are more than %zu: %s", mlg_text_width(line), longest, line);
        assert_true(size == 0 || line[size - 1] != ' ');
        text += size + (text[size] == '\n');
    }
}

static void test_width(void **state)
{
    const struct width_row *row = *state;
    static void (*const makes[])(struct fixture *) = {fixture_example, fixture_everything, long_texts,
                                                      only_errors, fixture_groups};
    for (size_t i = 0; i < sizeof makes / sizeof makes[0]; i++) {
        struct fixture fixture;
        struct mlg_builder text;
        makes[i](&fixture);
        write_console(&fixture, false, row->width, &text);
        assert_lines_fit(text.data, row->longest);
        mlg_builder_free(&text);
        fixture_free(&fixture);
    }
}

static void test_hostile_texts_stay_texts(void **state)
{
    struct fixture fixture;
    (void)state;
    fixture_hostile(&fixture);
    for (unsigned width = 0; width < 200; width = width ? width + 1 : 40) {
        struct mlg_builder text;
        write_console(&fixture, false, width, &text);
        fixture_assert_lacks(&text, "##");
        for (const char *line = text.data; *line; line = strchr(line, '\n') + 1) {
            const char *first = line + strspn(line, " ");
            if (strncmp(first, "::", 2) == 0)
                fail_msg("at width %u a line begins with a command: %.60s", width, line);
        }
        for (size_t i = 0; i < text.size; i++)
            if (text.data[i] != '\n' && ((unsigned char)text.data[i] < 0x20 || text.data[i] == 0x7f))
                fail_msg("a control character at byte %zu", i);
        mlg_builder_free(&text);
    }
    fixture_free(&fixture);
}

static void test_the_same_results_give_the_same_bytes(void **state)
{
    struct fixture fixture;
    struct mlg_builder first, second;
    (void)state;
    fixture_everything(&fixture);
    write_console(&fixture, true, 77, &first);
    write_console(&fixture, true, 77, &second);
    assert_string_equal(first.data, second.data);
    mlg_builder_free(&first);
    mlg_builder_free(&second);
    fixture_free(&fixture);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(test_other_confidences_are_stated),
        cmocka_unit_test(test_what_blocks_stands_before_what_does_not),
        cmocka_unit_test(test_the_confidence_of_reported_ones_is_the_usual_one),
        cmocka_unit_test(test_many_inconclusive_ones_are_counted),
        cmocka_unit_test(test_hostile_texts_stay_texts),
        cmocka_unit_test(test_the_same_results_give_the_same_bytes),
    };
    struct CMUnitTest tests[COUNT(goldens) + COUNT(numbers) + COUNT(endings) + COUNT(widths) + COUNT(others)];
    size_t count = 0;
    NAMED_ROWS(tests, count, goldens, test_golden);
    NAMED_ROWS(tests, count, numbers, test_number);
    NAMED_ROWS(tests, count, endings, test_ending);
    NAMED_ROWS(tests, count, widths, test_width);
    for (size_t i = 0; i < COUNT(others); i++)
        tests[count++] = others[i];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
