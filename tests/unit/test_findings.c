/* The reports that point at lines of files: GitHub's annotations, GitLab's code quality and metrics, SARIF.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "mlgate/report.h"
#include "named_rows.h"
#include "results_fixture.h"

static void write_kind(const char *kind, const struct fixture *fixture,
                       const struct mlg_report_options *options, struct mlg_builder *out)
{
    mlg_builder_init(out, 0);
    mlg_report_find(kind)->write(&fixture->results, options, out);
    assert_false(out->failed);
}

static json_t *parse(const struct mlg_builder *text)
{
    json_error_t error;
    json_t *root = json_loadb(text->data, text->size, JSON_REJECT_DUPLICATES, &error);
    if (!root)
        fail_msg("line %d: %s", error.line, error.text);
    return root;
}

/* ---- whole texts ----------------------------------------------------------------------------------- */

struct golden_row {
    const char *name, *kind, *file;
};

static const struct golden_row goldens[] = {
    {"every verdict, warning and error as annotations", "github", "everything.github"},
    {"every verdict, warning and error as code quality", "codequality", "everything.codequality.json"},
    {"every verdict, warning and error as SARIF", "sarif", "everything.sarif"},
    {"every value, bound and limit as metrics", "gitlab-metrics", "everything.metrics"},
};

static void test_golden(void **state)
{
    const struct golden_row *row = *state;
    struct fixture fixture;
    struct mlg_builder text;
    fixture_everything(&fixture);
    write_kind(row->kind, &fixture, NULL, &text);
    fixture_assert_golden(row->file, &text);
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

/* ---- how grave it is ------------------------------------------------------------------------------- */

struct grave_row {
    const char *name;
    enum mlg_verdict verdict;
    bool not_enforced, warns_only;
    const char *command, *quality, *sarif; /* NULL: no finding */
};

static const struct grave_row graves[] = {
    {"a pass is nothing to point at", MLG_PASS, false, false, NULL, NULL, NULL},
    {"nor is what is not applicable", MLG_NOT_APPLICABLE, false, false, NULL, NULL, NULL},
    {"a failure is an error", MLG_FAIL, false, false, "::error title=accuracy%3A f1 >= 0.5,", "blocker",
     "\"kind\": \"fail\",\n          \"level\": \"error\""},
    {"one that is not enforced is a warning", MLG_FAIL, true, false, "::warning title=", "minor",
     "\"kind\": \"fail\",\n          \"level\": \"warning\""},
    {"what could not be measured is an error", MLG_VERDICT_ERROR, false, false, "::error title=", "critical",
     "\"kind\": \"fail\",\n          \"level\": \"error\""},
    {"inconclusive that blocks is an error, in SARIF open with the level of its rule", MLG_INCONCLUSIVE,
     false, false, "::error title=", "major", "\"kind\": \"open\",\n          \"message\""},
    {"inconclusive that only warns is a warning", MLG_INCONCLUSIVE, false, true, "::warning title=", "minor",
     "\"kind\": \"open\",\n          \"message\""},
    {"what is waived is a notice, in SARIF suppressed", MLG_WAIVED, false, false, "::notice title=", "info",
     "\"suppressions\": [{\"kind\": \"external\", \"status\": \"accepted\", \"justification\": \"new "
     "labels\"}]"},
};

static void test_grave(void **state)
{
    const struct grave_row *row = *state;
    struct fixture fixture;
    struct mlg_builder text;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    fixture_check(&fixture, gate, "mcc >= 0.1", MLG_PASS, 0.5, 0.4, 0.6);
    struct mlg_check_result *check = fixture_check(&fixture, gate, "f1 >= 0.5", row->verdict, 0.45, 0.4, 0.6);
    check->enforce = !row->not_enforced;
    check->blocks = !row->warns_only;
    if (row->verdict == MLG_WAIVED) {
        check->underlying = MLG_FAIL;
        check->waiver_reason = "new labels";
    }
    mlg_results_conclude(&fixture.results);
    write_kind("github", &fixture, NULL, &text);
    if (row->command) {
        assert_int_equal(strncmp(text.data, row->command, strlen(row->command)), 0);
        fixture_assert_has(&text, ",file=mlgate.yaml,line=7::");
    } else {
        assert_string_equal(text.size ? text.data : "", "");
    }
    mlg_builder_free(&text);
    write_kind("codequality", &fixture, NULL, &text);
    if (row->quality) {
        json_t *root = parse(&text);
        assert_int_equal(json_array_size(root), 1);
        assert_string_equal(json_string_value(json_object_get(json_array_get(root, 0), "severity")),
                            row->quality);
        json_decref(root);
    } else {
        assert_string_equal(text.data, "[]\n");
    }
    mlg_builder_free(&text);
    write_kind("sarif", &fixture, NULL, &text);
    json_decref(parse(&text));
    if (row->sarif)
        fixture_assert_has(&text, row->sarif);
    else
        fixture_assert_has(&text, "\"results\": []");
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

/* ---- places ---------------------------------------------------------------------------------------- */

struct path_row {
    const char *name, *path, *root, *directory, *expected; /* NULL: no file is named */
};

static const struct path_row paths[] = {
    {"a path stays as it is", "a/mlgate.yaml", NULL, NULL, "a/mlgate.yaml"},
    {"dots are worked out", "./a/../b//mlgate.yaml", NULL, NULL, "b/mlgate.yaml"},
    {"nothing leads out of the repository", "../mlgate.yaml", NULL, NULL, "mlgate.yaml"},
    {"a relative path begins at the root of the repository", "mlgate.yaml", "/repo", "/repo/models/a",
     "models/a/mlgate.yaml"},
    {"also one that goes up", "../mlgate.yaml", "/repo", "/repo/models/a", "models/mlgate.yaml"},
    {"an absolute path loses the root", "/repo/a/mlgate.yaml", "/repo", "/repo", "a/mlgate.yaml"},
    {"a root may end in a slash", "/repo/a/mlgate.yaml", "/repo/", "/repo", "a/mlgate.yaml"},
    {"a directory of a like name is another one", "/repository/mlgate.yaml", "/repo", "/repo",
     "repository/mlgate.yaml"},
    {"what is not in the repository is named whole", "/etc/mlgate.yaml", "/repo", "/repo", "etc/mlgate.yaml"},
    {"standard input is no file", "-", NULL, NULL, NULL},
    {"marks of commands are escaped", "a,b:c%.yaml", NULL, NULL, "a%2Cb%3Ac%25.yaml"},
};

static void test_path(void **state)
{
    const struct path_row *row = *state;
    const struct mlg_report_options options = {.root = row->root, .directory = row->directory};
    char expected[200];
    struct fixture fixture;
    struct mlg_builder text;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    fixture_check(&fixture, gate, "f1 >= 0.5", MLG_FAIL, 0.4, 0.3, 0.45)->file = row->path;
    mlg_results_conclude(&fixture.results);
    write_kind("github", &fixture, &options, &text);
    snprintf(expected, sizeof expected, ",file=%s,line=7::FAIL", row->expected ? row->expected : "");
    if (row->expected)
        fixture_assert_has(&text, expected);
    else
        fixture_assert_lacks(&text, "file=");
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

struct place_row {
    const char *name, *error, *expected;
};

static const struct place_row places[] = {
    {"a mistake has its line and column", "mlgate.yaml:7:9: unknown key 'chekcs'",
     ",file=mlgate.yaml,line=7,col=9::unknown key 'chekcs'\n"},
    {"or its line alone", "waivers.yaml:7: expired", ",file=waivers.yaml,line=7::expired\n"},
    {"a path may hold a colon", "a:b.yaml:7: x", ",file=a%3Ab.yaml,line=7::x\n"},
    {"without a place it is the configuration's", "nothing was judged",
     ",file=mlgate.yaml::nothing was judged\n"},
    {"what a sentence quotes is no place", "cannot open 'x:1: y'",
     ",file=mlgate.yaml::cannot open 'x:1: y'\n"},
    {"a line end stays in its message", "a\nb\r", "::a\\x0ab\\x0d\n"},
    {"a per cent sign is escaped", "95 %0A", "::95 %250A\n"},
};

static void test_place(void **state)
{
    const struct place_row *row = *state;
    struct fixture fixture;
    struct mlg_builder text;
    fixture_init(&fixture);
    fixture_error(&fixture, row->error);
    mlg_results_conclude(&fixture.results);
    write_kind("github", &fixture, NULL, &text);
    fixture_assert_has(&text, row->expected);
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

/* ---- how many -------------------------------------------------------------------------------------- */

static size_t count_lines(const char *text, const char *start)
{
    size_t count = 0;
    for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL)
        count += strncmp(line, start, strlen(start)) == 0;
    return count;
}

static void test_nine_annotations_of_a_level_and_how_many_more(void **state)
{
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    for (int i = 0; i < 1209; i++)
        fixture_check(&fixture, gate, "f1 >= 0.5", i < 9 ? MLG_INCONCLUSIVE : MLG_FAIL, 0.4, 0.3, 0.45)
            ->blocks = i >= 9;
    mlg_results_conclude(&fixture.results);
    write_kind("github", &fixture, NULL, &text);
    assert_int_equal(count_lines(text.data, "::error "), 10);
    assert_int_equal(count_lines(text.data, "::warning "), 9);
    fixture_assert_has(&text,
                       "::error title=mlgate::and 1,191 more; the summary and results.json have all\n");
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

static void test_what_is_beyond_five_thousand_is_counted(void **state)
{
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    for (int i = 0; i < 5002; i++)
        fixture_check(&fixture, gate, "f1 >= 0.5", MLG_FAIL, 0.4, 0.3, 0.45);
    mlg_results_conclude(&fixture.results);
    write_kind("codequality", &fixture, NULL, &text);
    json_t *root = parse(&text);
    assert_int_equal(json_array_size(root), 5001);
    fixture_assert_has(&text, "and 2 more findings; results.json has all");
    json_decref(root);
    mlg_builder_free(&text);
    write_kind("sarif", &fixture, NULL, &text);
    json_decref(parse(&text));
    fixture_assert_has(&text, "2 more findings are left out");
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

/* ---- fingerprints ---------------------------------------------------------------------------------- */

static void copy_fingerprint(const struct fixture *fixture, size_t index, char out[40])
{
    struct mlg_builder text;
    write_kind("codequality", fixture, NULL, &text);
    json_t *root = parse(&text);
    snprintf(out, 40, "%s", json_string_value(json_object_get(json_array_get(root, index), "fingerprint")));
    json_decref(root);
    mlg_builder_free(&text);
}

static void test_a_fingerprint_does_not_hang_on_numbers(void **state)
{
    struct fixture fixture;
    char before[40], after[40], other[40];
    (void)state;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    struct mlg_check_result *check = fixture_check(&fixture, gate, "f1 >= 0.5", MLG_FAIL, 0.4, 0.3, 0.45);
    fixture_slice(&fixture, check, "sex", "Male");
    copy_fingerprint(&fixture, 0, before);
    check->check = "f1 >= 0.6";
    check->limit.value = 0.6;
    check->estimate.value = 0.41;
    check->line = 99;
    check->reason = "another one";
    copy_fingerprint(&fixture, 0, after);
    assert_string_equal(before, after);
    check->slice[0].value = "Female";
    copy_fingerprint(&fixture, 0, other);
    assert_string_not_equal(before, other);
    fixture_free(&fixture);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void test_no_two_fingerprints_are_the_same(void **state)
{
    enum { CHECKS = 2000 };
    static const char *found[CHECKS];
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    for (int i = 0; i < CHECKS; i++) {
        struct mlg_check_result *check = fixture_check(&fixture, gate, "f1 >= 0.5", MLG_FAIL, 0.4, 0.3, 0.45);
        fixture_slice(&fixture, check, "k", mlg_arena_format(&fixture.arena, "%d", i / 2));
    }
    mlg_results_conclude(&fixture.results);
    write_kind("codequality", &fixture, NULL, &text);
    json_t *root = parse(&text);
    assert_int_equal(json_array_size(root), CHECKS);
    for (size_t i = 0; i < CHECKS; i++)
        found[i] = json_string_value(json_object_get(json_array_get(root, i), "fingerprint"));
    qsort(found, CHECKS, sizeof *found, by_text);
    for (size_t i = 1; i < CHECKS; i++)
        if (strcmp(found[i - 1], found[i]) == 0)
            fail_msg("twice: %s", found[i]);
    json_decref(root);
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

/* ---- foreign text ---------------------------------------------------------------------------------- */

static void assert_no_command(const struct mlg_builder *text)
{
    fixture_assert_lacks(text, "##[");
    fixture_assert_lacks(text, "##vso[");
    fixture_assert_lacks(text, "\r");
    for (const char *line = text->data, *next; line; line = next ? next + 1 : NULL) {
        next = strchr(line, '\n');
        if (strncmp(line + strspn(line, " "), "::", 2) == 0)
            fail_msg("a command: %s", line);
    }
}

static void test_what_comes_from_data_is_text_in_json(void **state)
{
    static const char *const kinds[] = {"codequality", "sarif"};
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    fixture_hostile(&fixture);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        write_kind(kinds[i], &fixture, NULL, &text);
        json_decref(parse(&text));
        assert_no_command(&text);
        mlg_builder_free(&text);
    }
    fixture_free(&fixture);
}

static void test_what_comes_from_data_is_no_annotation_of_its_own(void **state)
{
    struct fixture fixture;
    struct mlg_builder text;
    size_t lines = 0;
    (void)state;
    fixture_hostile(&fixture);
    write_kind("github", &fixture, NULL, &text);
    for (char *line = strtok(text.data, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        /* The command, then properties that hold no mark of one, then the message. */
        char *properties = strstr(line, " title=");
        assert_non_null(properties);
        assert_true(strncmp(line, "::error ", 8) == 0 || strncmp(line, "::warning ", 10) == 0 ||
                    strncmp(line, "::notice ", 9) == 0);
        assert_non_null(strstr(properties, "::"));
        assert_null(memchr(properties, ':', (size_t)(strstr(properties, "::") - properties)));
        assert_null(strchr(line, '\r'));
    }
    assert_int_equal(lines, 7); /* two errors, three checks that block, a warning, a waiver */
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

/* ---- metrics --------------------------------------------------------------------------------------- */

/* As GitLab reads a line: cut at "#", then split as a shell does. The name; NULL: it cannot be read. */
static char *read_series(char *line, char **value)
{
    char *out = line, *word = line;
    size_t words = 0;
    bool quoted = false;
    line[strcspn(line, "#")] = '\0';
    if (!*line)
        return NULL;
    for (const char *c = line; *c; c++) {
        if (*c == '\'' && !quoted)
            return NULL;
        if (*c == '"') {
            quoted = !quoted;
        } else if (*c == '\\' && quoted && c[1]) {
            *out++ = *++c;
        } else if (*c == ' ' && !quoted) {
            *out++ = '\0';
            if (++words == 1)
                *value = out;
        } else {
            *out++ = *c;
        }
    }
    *out = '\0';
    return quoted || words != 1 ? NULL : word;
}

static void test_metrics_are_read_as_a_shell_reads(void **state)
{
    static char *names[400];
    struct fixture fixture;
    struct mlg_builder text;
    size_t count = 0;
    (void)state;
    fixture_hostile(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "a b,c=\"d\"", "it's");
    static const char *const values[] = {"x y", "a#1", "a_1", "it's \"x\"", "\\", "}", "\t"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        fixture_slice(&fixture,
                      fixture_check(&fixture, gate, "f1 >= 0.5", MLG_PASS, 0.6 + (double)i / 100, 0.55, 0.7),
                      "k", values[i]);
    mlg_results_conclude(&fixture.results);
    write_kind("gitlab-metrics", &fixture, NULL, &text);
    assert_string_equal(text.data + text.size - 6, "# EOF\n");
    assert_no_command(&text);
    fixture_assert_has(
        &text,
        "mlgate_estimate{gate=\"a b,c=\\\"d\\\"\",quantity=\"f1\",slice=\"k=a_1\",number=\"2\"} 0.62\n");
    for (char *line = strtok(text.data, "\n"); line; line = strtok(NULL, "\n")) {
        char *value = NULL, *end;
        if (line[0] == '#')
            continue;
        char *copy = mlg_arena_copy(&fixture.arena, line, strlen(line));
        names[count] = read_series(copy, &value);
        if (!names[count])
            fail_msg("cannot be read: %s", line);
        strtod(value, &end);
        assert_string_equal(end, "");
        count++;
        assert_true(count < 400);
    }
    assert_true(count > 40);
    qsort(names, count, sizeof *names, by_text);
    for (size_t i = 1; i < count; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            fail_msg("twice: %s", names[i]);
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

static void test_a_value_with_two_limits_stands_once(void **state)
{
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    fixture_check(&fixture, gate, "f1 >= 0.5", MLG_PASS, 0.6, 0.55, 0.65);
    fixture_check(&fixture, gate, "f1 <= 0.9", MLG_PASS, 0.6, 0.55, 0.65);
    mlg_results_conclude(&fixture.results);
    write_kind("gitlab-metrics", &fixture, NULL, &text);
    assert_int_equal(count_lines(text.data, "mlgate_estimate{"), 1);
    assert_int_equal(count_lines(text.data, "mlgate_lower{"), 1);
    assert_int_equal(count_lines(text.data, "mlgate_limit{"), 2);
    fixture_assert_has(&text, "direction=\"<=\"} 0.9\n");
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

int main(void)
{
    enum { MOST = 64 };
    struct CMUnitTest tests[MOST];
    size_t count = 0;
    NAMED_ROWS(tests, count, goldens, test_golden);
    NAMED_ROWS(tests, count, graves, test_grave);
    NAMED_ROWS(tests, count, paths, test_path);
    NAMED_ROWS(tests, count, places, test_place);
    const struct CMUnitTest others[] = {
        cmocka_unit_test(test_nine_annotations_of_a_level_and_how_many_more),
        cmocka_unit_test(test_what_is_beyond_five_thousand_is_counted),
        cmocka_unit_test(test_a_fingerprint_does_not_hang_on_numbers),
        cmocka_unit_test(test_no_two_fingerprints_are_the_same),
        cmocka_unit_test(test_what_comes_from_data_is_text_in_json),
        cmocka_unit_test(test_what_comes_from_data_is_no_annotation_of_its_own),
        cmocka_unit_test(test_metrics_are_read_as_a_shell_reads),
        cmocka_unit_test(test_a_value_with_two_limits_stands_once),
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        tests[count++] = others[i];
    return _cmocka_run_group_tests("findings", tests, count, NULL, NULL);
}
