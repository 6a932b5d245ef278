/* The JUnit report: what GitLab, GitHub, Jenkins and Azure read. */
#include <ctype.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlgate/report.h"
#include "named_rows.h"
#include "results_fixture.h"

static void write_junit(const struct fixture *fixture, struct mlg_builder *out)
{
    mlg_builder_init(out, 0);
    mlg_report_find("junit")->write(&fixture->results, NULL, out);
    assert_false(out->failed);
}

/* By hand: strstr of a sanitizer measures the whole rest of a text of megabytes at each call. */
static size_t occurrences(const char *text, const char *part)
{
    size_t count = 0, size = strlen(part);
    for (; *text; text++)
        count += *text == *part && strncmp(text, part, size) == 0;
    return count;
}

static unsigned long attribute(const char *tag, const char *name)
{
    char wanted[64];
    snprintf(wanted, sizeof wanted, " %s=\"", name);
    const char *at = strstr(tag, wanted);
    assert_non_null(at);
    assert_true(at < strchr(tag, '>'));
    return strtoul(at + strlen(wanted), NULL, 10);
}

/* The counters of every suite and of the whole are those of the cases in it. */
static void assert_counters(const char *text)
{
    const char *whole = strstr(text, "<testsuites ");
    assert_non_null(whole);
    assert_int_equal(attribute(whole, "tests"), occurrences(text, "<testcase "));
    assert_int_equal(attribute(whole, "failures"), occurrences(text, "<failure "));
    assert_int_equal(attribute(whole, "errors"), occurrences(text, "<error "));
    for (const char *suite = text; (suite = strstr(suite, "<testsuite ")) != NULL; suite++) {
        const char *end = strstr(suite, "</testsuite>");
        assert_non_null(end);
        char *inside = calloc(1, (size_t)(end - suite) + 1);
        assert_non_null(inside);
        memcpy(inside, suite, (size_t)(end - suite));
        assert_int_equal(attribute(inside, "tests"), occurrences(inside, "<testcase "));
        assert_int_equal(attribute(inside, "failures"), occurrences(inside, "<failure "));
        assert_int_equal(attribute(inside, "errors"), occurrences(inside, "<error "));
        assert_int_equal(attribute(inside, "skipped"), occurrences(inside, "<skipped "));
        free(inside);
    }
}

/* ---- whole texts ----------------------------------------------------------------------------------- */

struct golden_row {
    const char *name;
    const char *file;
    void (*make)(struct fixture *fixture);
};

static const struct golden_row goldens[] = {
    {"the example of the design in JUnit", "example.xml", fixture_example},
    {"every verdict, note, waiver and error in JUnit", "everything.xml", fixture_everything},
    {"groups that are compared in JUnit", "groups.xml", fixture_groups},
};

static void test_golden(void **state)
{
    const struct golden_row *row = *state;
    struct fixture fixture;
    struct mlg_builder text;
    row->make(&fixture);
    write_junit(&fixture, &text);
    assert_counters(text.data);
    fixture_assert_golden(row->file, &text);
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

/* ---- one verdict, one element ---------------------------------------------------------------------- */

struct element_row {
    const char *name;
    enum mlg_verdict verdict;
    bool not_enforced, warns_only;
    const char *element; /* a part of the text; NULL: a case without a result */
};

static const struct element_row elements[] = {
    {"a pass has no element", MLG_PASS, false, false, NULL},
    {"a pass that is not enforced has none either", MLG_PASS, true, false, NULL},
    {"a failure is a failure", MLG_FAIL, false, false,
     "<failure message=\"f1 &gt;= 0.5, all rows: 0.450 [0.400, 0.600]; why\" type=\"mlgate.threshold\">"
     "f1 &gt;= 0.5, all rows: 0.450 [0.400, 0.600]; why\nvalue: 0.45\nbounds: 0.4 to 0.6, each one-sided at "
     "95 %\n"
     "limit: &gt;= 0.5\nrows: 2,613\n"},
    {"inconclusive that blocks is a failure of its own type", MLG_INCONCLUSIVE, false, false,
     " type=\"inconclusive\">f1"},
    {"an error is an error", MLG_VERDICT_ERROR, false, false, "<error message=\"f1 &gt;= 0.5, all rows: "},
    {"a failure that is not enforced is skipped", MLG_FAIL, true, false,
     "<skipped message=\"not enforced: FAIL: f1 &gt;= 0.5, all rows: 0.450 [0.400, 0.600]; why\">"
     "not enforced: FAIL: f1 &gt;= 0.5, all rows: 0.450 [0.400, 0.600]; why</skipped>"},
    {"an error that is not enforced is skipped", MLG_VERDICT_ERROR, true, false,
     "<skipped message=\"not enforced: ERROR: f1"},
    {"inconclusive that is not enforced is skipped", MLG_INCONCLUSIVE, true, false,
     "<skipped message=\"not enforced: INCONCLUSIVE: f1"},
    {"inconclusive that only warns is skipped", MLG_INCONCLUSIVE, false, true,
     "<skipped message=\"INCONCLUSIVE: f1 &gt;= 0.5, all rows: 0.450 [0.400, 0.600]; why\">INCONCLUSIVE: f1"},
    {"a waived check is skipped with owner, end and reason", MLG_WAIVED, false, false,
     "<skipped message=\"WAIVED until 2027-01-31 (ml-platform): f1 &gt;= 0.5, all rows: 0.450 [0.400, "
     "0.600]; "
     "why; waived because: new labels\">WAIVED until 2027-01-31 (ml-platform): f1"},
    {"what is not applicable is skipped with the reason", MLG_NOT_APPLICABLE, false, false,
     "<skipped message=\"NOT APPLICABLE: f1 &gt;= 0.5, all rows: 0.450 [0.400, 0.600]; why\">NOT APPLICABLE: "
     "f1"},
};

static void test_element(void **state)
{
    const struct element_row *row = *state;
    struct fixture fixture;
    struct mlg_builder text;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    struct mlg_check_result *check = fixture_check(&fixture, gate, "f1 >= 0.5", row->verdict, 0.45, 0.4, 0.6);
    check->enforce = !row->not_enforced;
    check->blocks = !row->warns_only;
    check->reason = "why";
    if (row->verdict == MLG_WAIVED) {
        check->underlying = MLG_FAIL;
        check->waiver_owner = "ml-platform";
        check->waiver_expires = "2027-01-31";
        check->waiver_reason = "new labels";
    }
    fixture_check(&fixture, gate, "mcc >= 0.1", MLG_PASS, 0.5, 0.4, 0.6);
    mlg_results_conclude(&fixture.results);
    write_junit(&fixture, &text);
    assert_counters(text.data);
    size_t results = occurrences(text.data, "<failure ") + occurrences(text.data, "<error ") +
                     occurrences(text.data, "<skipped ");
    assert_int_equal(results, row->element ? 1 : 0);
    assert_int_equal(occurrences(text.data, "<testcase "), 2);
    if (row->element)
        fixture_assert_has(&text, row->element);
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

/* ---- names ----------------------------------------------------------------------------------------- */

struct named {
    const char *check, *key, *value;
    const char *argument, *attribute;
};

struct names_row {
    const char *name;
    struct named checks[3];
    size_t count;
    const char *expected[3];
};

static const struct names_row names[] = {
    {"a check on all rows and on slices",
     {{"f1 >= 0.5", NULL, NULL, NULL, NULL},
      {"f1 >= 0.5", "sex", "Male", NULL, NULL},
      {"f1 >= 0.5", "sex", NULL, NULL, NULL}},
     3,
     {"classname=\"mlgate.accuracy.f1 at least\" name=\"all rows\"",
      "classname=\"mlgate.accuracy.f1 at least\" name=\"sex=Male\"",
      "classname=\"mlgate.accuracy.f1 at least\" name=\"sex=(missing)\""}},
    {"limits are no part of a name",
     {{"f1 >= 0.123", NULL, NULL, NULL, NULL}},
     1,
     {"classname=\"mlgate.accuracy.f1 at least\" name=\"all rows\""}},
    {"arguments are part of a name",
     {{"f1 >= 0.5", NULL, NULL, "macro", NULL}},
     1,
     {"classname=\"mlgate.accuracy.f1(average=macro) at least\" name=\"all rows\""}},
    {"a quantity checked both ways is told apart by words",
     {{"selection_rate >= 0.2", NULL, NULL, NULL, NULL}, {"selection_rate <= 0.6", NULL, NULL, NULL, NULL}},
     2,
     {"classname=\"mlgate.accuracy.selection_rate at least\" name=\"all rows\"",
      "classname=\"mlgate.accuracy.selection_rate at most\" name=\"all rows\""}},
    {"the direction stands in a name whatever else is checked",
     {{"accuracy >= 0.8", NULL, NULL, NULL, NULL}, {"accuracy <= 0.99", NULL, NULL, NULL, NULL}},
     2,
     {"classname=\"mlgate.accuracy.accuracy at least\" name=\"all rows\"",
      "classname=\"mlgate.accuracy.accuracy at most\" name=\"all rows\""}},
    {"of two checks the same way the order of their limits says which is which",
     {{"f1 >= 0.7", NULL, NULL, NULL, NULL}, {"f1 >= 0.5", NULL, NULL, NULL, NULL}},
     2,
     {"name=\"all rows #2\" time=\"0.000\" file=\"mlgate.yaml\" line=\"7\">\n      <properties>\n"
      "        <property name=\"mlgate.verdict\" value=\"pass\"/>\n"
      "        <property name=\"mlgate.value\" value=\"0.7\"/>\n"
      "        <property name=\"mlgate.op\" value=\"&gt;=\"/>\n"
      "        <property name=\"mlgate.threshold\" value=\"0.7\"/>",
      "name=\"all rows\""}},
    {"a quantity checked twice the same way is told apart by a number",
     {{"f1 >= 0.5", NULL, NULL, NULL, NULL},
      {"f1 >= 0.6", NULL, NULL, NULL, NULL},
      {"f1 >= 0.7", NULL, NULL, NULL, NULL}},
     3,
     {"name=\"all rows\"", "name=\"all rows #2\"", "name=\"all rows #3\""}},
    {"comparisons are told apart though their marks look alike to some readers",
     {{"f1 >= 0.5", "age", "< 25", NULL, NULL},
      {"f1 >= 0.5", "age", ">= 25", NULL, NULL},
      {"f1 >= 0.5", "age", "> 25", NULL, NULL}},
     3,
     {"name=\"age below 25\"", "name=\"age at least 25\"", "name=\"age above 25\""}},
    {"values that differ in marks only are told apart by a number",
     {{"f1 >= 0.5", "race", "Asian-Pac", NULL, NULL},
      {"f1 >= 0.5", "race", "Asian Pac", NULL, NULL},
      {"f1 >= 0.5", "race", "Asian_Pac", NULL, NULL}},
     3,
     {"name=\"race=Asian-Pac\"", "name=\"race=Asian Pac #2\"", "name=\"race=Asian_Pac #3\""}},
    {"an attribute is part of a name, written or not",
     {{"f1_ratio >= 0.8", NULL, NULL, NULL, "sex"},
      {"f1_ratio >= 0.8", NULL, NULL, NULL, "sex*race"},
      {"f1_ratio(age) >= 0.8", NULL, NULL, NULL, "age"}},
     3,
     {"classname=\"mlgate.accuracy.f1_ratio(attribute=sex) at least\" name=\"all rows\"",
      "classname=\"mlgate.accuracy.f1_ratio(attribute=sex*race) at least\" name=\"all rows\"",
      "classname=\"mlgate.accuracy.f1_ratio(attribute=age) at least\" name=\"all rows\""}},
    {"bytes that are no UTF-8 keep two names apart",
     {{"f1 >= 0.5", "g", "\xff", NULL, NULL}, {"f1 >= 0.5", "g", "\xfe", NULL, NULL}},
     2,
     {"name=\"g=\\xff\"", "name=\"g=\\xfe\""}},
    {"what only looks like such a byte is told apart by a number",
     {{"f1 >= 0.5", "g", "\xff", NULL, NULL}, {"f1 >= 0.5", "g", "\\xff", NULL, NULL}},
     2,
     {"name=\"g=\\xff\"", "name=\"g=\\xff #2\""}},
    {"values beyond ASCII are names of their own",
     {{"f1 >= 0.5", "sex", "\xe7\x94\xb7", NULL, NULL}, {"f1 >= 0.5", "sex", "\xe5\xa5\xb3", NULL, NULL}},
     2,
     {"name=\"sex=\xe7\x94\xb7\"", "name=\"sex=\xe5\xa5\xb3\""}},
};

static void test_names(void **state)
{
    const struct names_row *row = *state;
    struct fixture fixture;
    struct mlg_builder text;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    for (size_t i = 0; i < row->count; i++) {
        struct mlg_check_result *check =
            fixture_check(&fixture, gate, row->checks[i].check, MLG_PASS, 0.7, 0.65, 0.75);
        if (row->checks[i].key)
            fixture_slice(&fixture, check, row->checks[i].key, row->checks[i].value);
        if (row->checks[i].argument)
            fixture_argument(&fixture, check, "average", row->checks[i].argument);
        if (row->checks[i].attribute)
            fixture_argument(&fixture, check, "attribute", row->checks[i].attribute);
    }
    mlg_results_conclude(&fixture.results);
    write_junit(&fixture, &text);
    for (size_t i = 0; i < row->count; i++)
        fixture_assert_has(&text, row->expected[i]);
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

static void fold(char *text)
{
    for (; *text && strncmp(text, " time=", 6) != 0; text++)
        if (!isalnum((unsigned char)*text) && !(*text & 0x80))
            *text = '_';
    *text = '\0';
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void test_no_two_cases_of_many_share_a_name(void **state)
{
    enum { SLICES = 3000 };
    static const char *const marks[] = {"-", "_", " ", ".", "/", " #2", "#2"};
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    fixture_init(&fixture);
    for (int g = 0; g < 2; g++) {
        struct mlg_gate_result *gate = fixture_gate(&fixture, g ? "a-b" : "a_b", "gate");
        for (int i = 0; i < SLICES; i++) {
            struct mlg_check_result *check =
                fixture_check(&fixture, gate, "f1 >= 0.5", MLG_PASS, 0.7, 0.65, 0.75);
            const char *value = mlg_arena_format(&fixture.arena, "x%s%d", marks[i % 7], i / 70);
            fixture_slice(&fixture, check, "key", value);
        }
    }
    mlg_results_conclude(&fixture.results);
    write_junit(&fixture, &text);
    assert_counters(text.data);
    static char *found[2 * SLICES];
    size_t count = 0;
    for (char *at = text.data; (at = strstr(at, "<testcase ")) != NULL; at++) {
        assert_true(count < 2 * SLICES);
        found[count++] = at;
    }
    assert_int_equal(count, 2 * SLICES);
    for (size_t i = 0; i < count; i++)
        fold(found[i]);
    qsort(found, count, sizeof found[0], by_text);
    for (size_t i = 1; i < count; i++)
        if (strcmp(found[i - 1], found[i]) == 0)
            fail_msg("twice: %s", found[i]);
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

/* ---- evidence -------------------------------------------------------------------------------------- */

static void test_the_evidence_names_the_worst_slice(void **state)
{
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    fixture_check(&fixture, gate, "f1 >= 0.5", MLG_FAIL, 0.4, 0.35, 0.45);
    for (int i = 0; i < 3; i++) {
        struct mlg_check_result *check =
            fixture_check(&fixture, gate, "f1 >= 0.5", MLG_FAIL, 0.3 + (i != 1) * 0.05, 0.25, 0.45);
        fixture_slice(&fixture, check, "city", i == 0 ? "A" : i == 1 ? "B" : "C");
        check->n = 120;
        check->rows = 400;
    }
    fixture_slice(&fixture, fixture_check(&fixture, gate, "mae <= 5", MLG_FAIL, 9, 8, 10), "city", "A");
    fixture_slice(&fixture, fixture_check(&fixture, gate, "mae <= 5", MLG_PASS, 3, 2, 4), "city", "B");
    mlg_results_conclude(&fixture.results);
    write_junit(&fixture, &text);
    /* all rows, A and C name B; B itself and the only failing slice of mae have no worse one */
    assert_int_equal(occurrences(text.data, "\nworst slice: city=B 0.300 [0.250, 0.450] rows 400\n"), 3);
    assert_int_equal(occurrences(text.data, "\nworst slice: "), 3);
    assert_int_equal(occurrences(text.data, "\nrows: 400\nn: 120\n"), 3);
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

static void test_the_worst_slice_is_one_of_the_same_attribute(void **state)
{
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "fairness", "fairness on test");
    for (int i = 0; i < 4; i++) {
        struct mlg_check_result *check =
            fixture_check(&fixture, gate, "selection_rate_ratio >= 0.8", MLG_FAIL, 0.3 + 0.1 * i, 0.25, 0.75);
        fixture_argument(&fixture, check, "attribute", i < 2 ? "sex" : "race");
        fixture_slice(&fixture, check, "city", i % 2 ? "B" : "A");
    }
    mlg_results_conclude(&fixture.results);
    write_junit(&fixture, &text);
    assert_int_equal(occurrences(text.data, "\nworst slice: city=A 0.300"), 1);
    assert_int_equal(occurrences(text.data, "\nworst slice: city=A 0.500"), 1);
    assert_int_equal(occurrences(text.data, "\nworst slice: "), 2);
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

static void test_many_groups_are_counted(void **state)
{
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "fairness", "fairness on test");
    struct mlg_check_result *check =
        fixture_check(&fixture, gate, "selection_rate_ratio(town) >= 0.8", MLG_FAIL, 0.5, 0.4, 0.6);
    check->group_quantity = "selection_rate";
    for (int i = 0; i < 52; i++)
        fixture_group(&fixture, check, "town", mlg_arena_format(&fixture.arena, "T%d", i), 100 + i, 1000);
    mlg_results_conclude(&fixture.results);
    write_junit(&fixture, &text);
    assert_int_equal(occurrences(text.data, "\ngroup: "), 50);
    fixture_assert_has(&text, "\ngroup: town=T48: ");
    fixture_assert_lacks(&text, "\ngroup: town=T49: ");
    fixture_assert_has(&text, "\ngroup: town=T51: selection_rate 0.151 [0.126, 0.176] (151 of 1,000); 1,000 "
                              "rows\nand 2 more groups; results.json lists them all\n");
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

static void test_a_command_reproduces_the_gate(void **state)
{
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    fixture_init(&fixture);
    fixture.results.config_path = "it's mine.yaml";
    struct mlg_gate_result *gate = fixture_gate(&fixture, "my gate", "my gate on test");
    fixture_check(&fixture, gate, "f1 >= 0.5", MLG_FAIL, 0.4, 0.35, 0.45);
    mlg_results_conclude(&fixture.results);
    write_junit(&fixture, &text);
    fixture_assert_has(&text,
                       "\nreproduce: mlgate run --config &apos;it&apos;\\&apos;&apos;s mine.yaml&apos; "
                       "--only &apos;my gate&apos;</failure>");
    mlg_builder_free(&text);
    fixture_gate(&fixture, "other", "other on test");
    fixture.results.family = "holm";
    write_junit(&fixture, &text);
    fixture_assert_has(
        &text, "\nreproduce: mlgate run --config &apos;it&apos;\\&apos;&apos;s mine.yaml&apos;</failure>");
    mlg_builder_free(&text);
    fixture.results.left_out_count = 1;
    write_junit(&fixture, &text);
    fixture_assert_has(&text, "mine.yaml&apos; --only &apos;my gate&apos; --only other</failure>");
    mlg_builder_free(&text);
    fixture.results.left_out_count = 0;
    fixture.results.family = NULL;
    fixture.results.config_path = NULL;
    fixture.results.run.command = "mlgate-accuracy --data t.csv --check 'f1 >= 0.5'";
    write_junit(&fixture, &text);
    fixture_assert_has(
        &text, "\nreproduce: mlgate-accuracy --data t.csv --check &apos;f1 &gt;= 0.5&apos;</failure>");
    mlg_builder_free(&text);
    fixture.results.run.command = "mlgate-accuracy --data 'a\nb'";
    write_junit(&fixture, &text);
    assert_int_equal(occurrences(text.data, "reproduce"), 0);
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

static void test_what_was_not_measured_is_left_out(void **state)
{
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    struct mlg_check_result *check =
        fixture_check(&fixture, gate, "f1 >= 0.5", MLG_VERDICT_ERROR, NAN, NAN, NAN);
    check->n = 0;
    check->decided_by = "interval";
    mlg_results_conclude(&fixture.results);
    write_junit(&fixture, &text);
    assert_int_equal(occurrences(text.data, "\nrows: "), 0);
    assert_int_equal(occurrences(text.data, "decided by: "), 0);
    assert_int_equal(occurrences(text.data, "mlgate.n\""), 0);
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

static void test_a_file_has_the_name_that_the_repository_gives_it(void **state)
{
    const struct mlg_report_options options = {.root = "/builds/project", .directory = "/builds/project/a b"};
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    fixture_check(&fixture, gate, "recall >= 0.4", MLG_PASS, 0.5, 0.4, 0.6);
    mlg_results_conclude(&fixture.results);
    mlg_builder_init(&text, 0);
    mlg_report_find("junit")->write(&fixture.results, &options, &text);
    fixture_assert_has(&text, " file=\"a b/mlgate.yaml\"");
    mlg_builder_free(&text);
    write_junit(&fixture, &text); /* where no repository is known */
    fixture_assert_has(&text, " file=\"mlgate.yaml\"");
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

static void test_warnings_and_notes_of_what_passed_are_properties(void **state)
{
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    struct mlg_check_result *check = fixture_check(&fixture, gate, "recall >= 0", MLG_PASS, 0.5, 0.4, 0.6);
    fixture_note(&fixture, check, "this limit can never fail");
    gate = fixture_gate(&fixture, "second", "second on test");
    check = fixture_check(&fixture, gate, "f1 >= 0.5", MLG_FAIL, 0.3, 0.2, 0.4);
    fixture_note(&fixture, check, "seldom");
    fixture_warning(&fixture, "'recall >= 0' can never fail");
    fixture_warning(&fixture, "dropped rows");
    mlg_results_conclude(&fixture.results);
    write_junit(&fixture, &text);
    fixture_assert_has(&text, "<property name=\"mlgate.note\" value=\"this limit can never fail\"/>");
    fixture_assert_has(
        &text, "<property name=\"mlgate.warning\" value=\"&apos;recall &gt;= 0&apos; can never fail\"/>\n"
               "      <property name=\"mlgate.warning\" value=\"dropped rows\"/>\n"
               "    </properties>\n"
               "    <testcase classname=\"mlgate.accuracy.recall at least\"");
    assert_int_equal(occurrences(text.data, "mlgate.warning"), 2);
    assert_int_equal(occurrences(text.data, "seldom"), 1); /* in the body */
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

/* ---- errors without checks ------------------------------------------------------------------------- */

static void test_errors_of_the_suite_are_one_case(void **state)
{
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    fixture_init(&fixture);
    fixture_error(&fixture, "mlgate.yaml:7:9: unknown key 'chekcs'; did you mean 'checks'?");
    fixture_error(&fixture, "mlgate.yaml:9:9: a second mistake");
    mlg_results_conclude(&fixture.results);
    write_junit(&fixture, &text);
    assert_counters(text.data);
    fixture_assert_has(
        &text, "<testsuite name=\"mlgate.suite\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\" ");
    fixture_assert_has(
        &text, "<testcase classname=\"mlgate.suite\" name=\"config\" time=\"0.000\" file=\"mlgate.yaml\">\n"
               "      <error message=\"mlgate.yaml:7:9: unknown key &apos;chekcs&apos;; did you mean "
               "&apos;checks&apos;? (and 1 more)\" type=\"mlgate.config\">mlgate.yaml:7:9: unknown key");
    fixture_assert_has(&text, "\n- mlgate.yaml:9:9: a second mistake</error>");
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

static void test_a_gate_that_could_not_be_judged_is_a_case(void **state)
{
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    gate->error = "cannot open 'test.csv': no such file";
    gate->file = "mlgate.yaml";
    gate->line = 5;
    mlg_results_conclude(&fixture.results);
    write_junit(&fixture, &text);
    assert_counters(text.data);
    fixture_assert_has(
        &text, "<testcase classname=\"mlgate.accuracy\" name=\"gate\" time=\"0.000\" file=\"mlgate.yaml\" "
               "line=\"5\">\n      <error message=\"cannot open &apos;test.csv&apos;: no such file\" "
               "type=\"mlgate.data\">cannot open &apos;test.csv&apos;: no such file</error>");
    mlg_builder_free(&text);

    /* where its checks tell the error, it is not told again */
    fixture_check(&fixture, gate, "f1 >= 0.5", MLG_VERDICT_ERROR, NAN, NAN, NAN)->reason = gate->error;
    mlg_results_conclude(&fixture.results);
    write_junit(&fixture, &text);
    assert_counters(text.data);
    assert_int_equal(occurrences(text.data, "<error "), 1);
    fixture_assert_lacks(&text, "name=\"gate\"");
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

/* ---- times ----------------------------------------------------------------------------------------- */

struct time_row {
    const char *name;
    const char *started;
    double seconds;
    const char *shown;
};

static const struct time_row times[] = {
    {"the zone is left out", "2026-11-23T10:00:00Z", 0.0123, " timestamp=\"2026-11-23T10:00:00\">"},
    {"seconds have three decimals", "2026-11-23T10:00:00Z", 1234.56789, " time=\"1234.568\">"},
    {"tiny seconds have no exponent", "2026-11-23T10:00:00Z", 1e-9, " time=\"0.000\">"},
    {"no seconds are 0", NULL, NAN, " time=\"0.000\">"},
    {"negative seconds are 0", NULL, -1, " time=\"0.000\">"},
    {"no start is left out", NULL, 0, "skipped=\"0\" time=\"0.000\">"},
    {"what is no time is left out", "yesterday", 0, "skipped=\"0\" time=\"0.000\">"},
};

static void test_time(void **state)
{
    const struct time_row *row = *state;
    struct fixture fixture;
    struct mlg_builder text;
    fixture_example(&fixture);
    fixture.results.run.started = row->started;
    fixture.results.run.seconds = row->seconds;
    write_junit(&fixture, &text);
    fixture_assert_has(&text, row->shown);
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

/* ---- sizes and hostile texts ----------------------------------------------------------------------- */

static void many_cases(struct fixture *fixture, size_t count, size_t failing, size_t reason_size)
{
    char *reason = calloc(1, reason_size + 1);
    assert_non_null(reason);
    memset(reason, 'x', reason_size);
    fixture_init(fixture);
    struct mlg_gate_result *gate = fixture_gate(fixture, "accuracy", "accuracy on test");
    for (size_t i = 0; i < count; i++) {
        bool fails = i >= count - failing;
        struct mlg_check_result *check =
            fixture_check(fixture, gate, "f1 >= 0.5", fails ? MLG_FAIL : MLG_PASS, 0.5, 0.4, 0.6);
        check->reason = mlg_arena_copy(&fixture->arena, reason, reason_size);
        fixture_slice(fixture, check, "key", mlg_arena_format(&fixture->arena, "%zu", i));
    }
    free(reason);
    mlg_results_conclude(&fixture->results);
}

static void test_a_large_file_leaves_out_what_passed(void **state)
{
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    many_cases(&fixture, 40000, 3, 100);
    write_junit(&fixture, &text);
    assert_true(text.size < 30u * 1000 * 1000);
    assert_true(text.size > 20u * 1000 * 1000);
    assert_counters(text.data);
    assert_int_equal(occurrences(text.data, "<failure "), 3);
    fixture_assert_has(&text, "name=\"cases not listed\"");
    fixture_assert_has(&text, " cases are not listed, 0 of them failing, because");
    assert_int_equal(occurrences(text.data, "<skipped "), 1);
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

static void test_failures_that_are_left_out_are_a_failure(void **state)
{
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    many_cases(&fixture, 12000, 12000, 1500);
    write_junit(&fixture, &text);
    assert_true(text.size < 30u * 1000 * 1000);
    assert_counters(text.data);
    const char *last = strstr(text.data, "name=\"cases not listed\"");
    assert_non_null(last);
    assert_non_null(strstr(last, "<failure message="));
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

static void test_a_long_text_is_cut_at_a_character(void **state)
{
    struct fixture fixture;
    struct mlg_builder text;
    char *reason = calloc(1, 300001);
    (void)state;
    assert_non_null(reason);
    for (size_t i = 0; i < 300000; i += 3)
        memcpy(reason + i, "\xe2\x82\xac", 3); /* the euro sign */
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    struct mlg_check_result *check = fixture_check(&fixture, gate, "f1 >= 0.5", MLG_FAIL, 0.5, 0.4, 0.6);
    check->reason = check->because = reason;
    fixture_slice(&fixture, check, "key", reason);
    mlg_results_conclude(&fixture.results);
    write_junit(&fixture, &text);
    assert_true(text.size < 12000);
    fixture_assert_has(&text, "\xe2\x82\xac\xe2\x80\xa6\"");
    fixture_assert_lacks(&text, "\xef\xbf\xbd");
    mlg_builder_free(&text);
    free(reason);
    fixture_free(&fixture);
}

static void test_hostile_texts_stay_texts(void **state)
{
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    fixture_hostile(&fixture);
    write_junit(&fixture, &text);
    assert_counters(text.data);
    fixture_assert_lacks(&text, "]]>");
    fixture_assert_lacks(&text, "##");
    fixture_assert_lacks(&text, "<&");
    fixture_assert_lacks(&text, "&#1;");
    fixture_assert_lacks(&text, "\xff");
    fixture_assert_lacks(&text, "timestamp");
    for (const char *line = text.data; *line; line = strchr(line, '\n') + 1)
        assert_true(strncmp(line + strspn(line, " "), "::", 2) != 0);
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.data[i];
        assert_true((c >= 0x20 && c != 0x7f) || c == '\n');
    }
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(test_no_two_cases_of_many_share_a_name),
        cmocka_unit_test(test_the_evidence_names_the_worst_slice),
        cmocka_unit_test(test_the_worst_slice_is_one_of_the_same_attribute),
        cmocka_unit_test(test_many_groups_are_counted),
        cmocka_unit_test(test_a_command_reproduces_the_gate),
        cmocka_unit_test(test_what_was_not_measured_is_left_out),
        cmocka_unit_test(test_a_file_has_the_name_that_the_repository_gives_it),
        cmocka_unit_test(test_warnings_and_notes_of_what_passed_are_properties),
        cmocka_unit_test(test_errors_of_the_suite_are_one_case),
        cmocka_unit_test(test_a_gate_that_could_not_be_judged_is_a_case),
        cmocka_unit_test(test_a_large_file_leaves_out_what_passed),
        cmocka_unit_test(test_failures_that_are_left_out_are_a_failure),
        cmocka_unit_test(test_a_long_text_is_cut_at_a_character),
        cmocka_unit_test(test_hostile_texts_stay_texts),
    };
    struct CMUnitTest tests[COUNT(goldens) + COUNT(elements) + COUNT(names) + COUNT(times) + COUNT(others)];
    size_t count = 0;
    NAMED_ROWS(tests, count, goldens, test_golden);
    NAMED_ROWS(tests, count, elements, test_element);
    NAMED_ROWS(tests, count, names, test_names);
    NAMED_ROWS(tests, count, times, test_time);
    for (size_t i = 0; i < COUNT(others); i++)
        tests[count++] = others[i];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
