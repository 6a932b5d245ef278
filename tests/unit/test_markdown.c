/* The Markdown report: the summary of a job, and a comment. */
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

static void write_with(const struct fixture *fixture, const struct mlg_report_options *options,
                       struct mlg_builder *out)
{
    mlg_builder_init(out, 0);
    mlg_report_find("markdown")->write(&fixture->results, options, out);
    assert_false(out->failed);
}

/* ---- whole texts ----------------------------------------------------------------------------------- */

static void only_errors(struct fixture *fixture)
{
    fixture_init(fixture);
    fixture->results.config_sha256 = NULL;
    fixture_error(fixture, "mlgate.yaml:7:9: unknown key 'chekcs'; did you mean 'checks'?");
    mlg_results_conclude(&fixture->results);
}

struct golden_row {
    const char *name, *file;
    void (*make)(struct fixture *fixture);
};

static const struct golden_row goldens[] = {
    {"the example of the design in Markdown", "example.md", fixture_example},
    {"every verdict, note, waiver and error in Markdown", "everything.md", fixture_everything},
    {"groups that are compared in Markdown", "groups.md", fixture_groups},
    {"a suite that could not be read in Markdown", "errors.md", only_errors},
};

static void test_golden(void **state)
{
    const struct golden_row *row = *state;
    struct fixture fixture;
    struct mlg_builder text;
    row->make(&fixture);
    write_with(&fixture, NULL, &text);
    fixture_assert_golden(row->file, &text);
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

/* ---- pictures -------------------------------------------------------------------------------------- */

struct picture_row {
    const char *name, *check;
    double estimate, lower, upper;
    const char *method;
    const char *picture; /* with what stands around it; NULL: there is none */
};

static const struct picture_row pictures[] = {
    {"a failing interval lies on the side that misses", "f1 >= 0.7", 0.55, 0.5, 0.6, "delta",
     "`░░├────┼────┤░░░░░░░░░┃··`"},
    {"a passing one on the side that meets", "f1 >= 0.5", 0.65, 0.6, 0.7, "delta",
     "`░░┃·········├────┼────┤··`"},
    {"with a limit from above the sides are swapped", "mse <= 0.5", 0.65, 0.6, 0.7, "t",
     "`··┃░░░░░░░░░├────┼────┤░░`"},
    {"the limit within the interval is seen through it", "f1 >= 0.6", 0.65, 0.5, 0.8, "delta",
     "`░░├──────╂──┼─────────┤··`"},
    {"a value on its limit", "f1 >= 0.6", 0.6, 0.5, 0.7, "delta", "`░░├─────────╋─────────┤··`"},
    {"a bound on its limit", "f1 >= 0.5", 0.6, 0.5, 0.7, "delta", "`░░┠─────────┼─────────┤··`"},
    {"a bound a hair beside the limit does not touch it", "f1 >= 0.5", 0.6, 0.5000001, 0.7, "delta",
     "`░░┃├────────┼─────────┤··`"},
    {"nor do all three", "f1 >= 0.5", 0.4999999, 0.4999998, 0.49999995, "delta", "┃"},
    {"one bound alone leaves the other side open", "f1 >= 0.5", 0.6, 0.55, NAN, "delta",
     "`░░┃·········├─────────┼──`"},
    {"an exact value has no interval", "rows >= 100", 200, 200, 200, "exact", "`░░┃···················┼··`"},
    {"a value that is all there is", "rows >= 0", 0, 0, 0, "exact", "`░░░░░░░░░░░░╋············`"},
    {"an unknown value has no picture", "f1 >= 0.5", NAN, NAN, NAN, NULL, NULL},
    {"values that are too far apart have none", "f1 >= -1e308", 1e308, 1e308, 1e308, "t", NULL},
};

static void test_picture(void **state)
{
    const struct picture_row *row = *state;
    struct fixture fixture;
    struct mlg_builder text;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    fixture_check(&fixture, gate, row->check, MLG_FAIL, row->estimate, row->lower, row->upper)->method =
        row->method;
    mlg_results_conclude(&fixture.results);
    write_with(&fixture, NULL, &text);
    const char *line = strstr(text.data, "| `accuracy` |");
    assert_non_null(line);
    text.data[strcspn(line, "\n") + (size_t)(line - text.data)] = '\0';
    if (row->picture && !strstr(line, row->picture))
        fail_msg("%s is not in %s", row->picture, line);
    if (!row->picture && strstr(line, "┃"))
        fail_msg("there is a picture in %s", line);
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

/* ---- foreign text ---------------------------------------------------------------------------------- */

/* Blanks what stands in code spans, so that what is left is what a reader of Markdown interprets. */
static void blank_code(char *text)
{
    for (char *c = text; *c;) {
        size_t ticks = strspn(c, "`");
        if (ticks == 0) {
            c += *c == '\\' && c[1] ? 2 : 1;
            continue;
        }
        char *end = c + ticks;
        while (*end && strspn(end, "`") != ticks)
            end += strspn(end, "`") ? strspn(end, "`") : 1;
        assert_true(*end); /* every code span ends */
        char before = ' ';
        for (char *k = c; k < end + ticks; k++) {
            const char now = *k;
            if (now != '|' || before == '\\')
                *k = '.';
            before = now;
        }
        c = end + ticks;
    }
}

static size_t count_bars(const char *line)
{
    size_t count = 0;
    for (const char *c = line; *c; c++)
        count += *c == '|' && (c == line || c[-1] != '\\');
    return count;
}

static void assert_only_own_tags(const char *line)
{
    static const char *const own[] = {"<br>",       "<!-- -->",  "<details>",
                                      "</details>", "<summary>", "</summary>"};
    for (const char *c = strchr(line, '<'); c; c = strchr(c + 1, '<')) {
        bool is_own = false;
        for (size_t i = 0; i < sizeof own / sizeof *own; i++)
            is_own = is_own || strncmp(c, own[i], strlen(own[i])) == 0;
        if (!is_own)
            fail_msg("a tag of the data: %s", c);
    }
}

static void test_what_comes_from_data_is_no_markup(void **state)
{
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    fixture_hostile(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "a|b`c``d", "<img src=x> | [x](y) @root #1");
    struct mlg_check_result *check = fixture_check(&fixture, gate, "f1 >= 0.5", MLG_FAIL, 0.4, 0.3, 0.45);
    fixture_slice(&fixture, check, "`", "\\| <script>|``");
    check->reason = "<script>|alert`x`</script>\n| next | row |\n@root";
    mlg_results_conclude(&fixture.results);
    write_with(&fixture, NULL, &text);
    for (const char *c = text.data; *c; c++)
        if ((unsigned char)*c < 0x20 && *c != '\n')
            fail_msg("a control character: %s", c);
    blank_code(text.data);
    size_t bars = 0;
    for (char *line = strtok(text.data, "\n"); line; line = strtok(NULL, "\n")) {
        assert_only_own_tags(line);
        if (strncmp(line + strspn(line, " "), "::", 2) == 0 || strstr(line, "##["))
            fail_msg("a command: %s", line);
        if (strncmp(line, "| verdict", 9) == 0)
            bars = count_bars(line);
        if (line[0] == '|' && count_bars(line) != bars)
            fail_msg("%zu bars instead of %zu: %s", count_bars(line), bars, line);
        if (line[0] != '|' && line[0] != '-' && line[0] != '#' && line[0] != '(' && line[0] != '<' &&
            line[0] != '.' && strncmp(line, "  - ", 4) != 0)
            fail_msg("a line of its own: %s", line);
    }
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

struct printed_row {
    const char *name;
    size_t room, count;
    const char *lines[4];
    const char *block; /* as a reader finds it */
};

#define OPENED "\n  <details><summary>What its command printed last</summary>\n\n"
#define CLOSED "\n\n  </details>\n"

static const struct printed_row printed[] = {
    {"the last lines of a command stand below the error, folded",
     0,
     2,
     {"Traceback:", "  File \"t.py\""},
     OPENED "  ```\n  Traceback:\n    File \"t.py\"\n  ```" CLOSED},
    {"no backticks among them end the block",
     0,
     3,
     {"```", "````` @root", "</details><script>"},
     OPENED "  ``````\n  ```\n  ````` @root\n  </details><script>\n  ``````" CLOSED},
    {"nor do new lines and control characters, and nothing is a command of a runner",
     0,
     3,
     {"a\n  ```\nb", "::error::x", "\033[31m"},
     OPENED "  ````\n  a\\x0a  ```\\x0ab\n  \\x3a:error::x\n  \\x1b[31m\n  ````" CLOSED},
    {"without lines there is no block", 0, 0, {NULL}, "run 1 failed\n\n<details>"},
    {"where there is no room for them that is told",
     400,
     4,
     {"a long line that a command has printed, number 1", "a long line that a command has printed, number 2",
      "a long line that a command has printed, number 3", "a long line that a command has printed, number 4"},
     "run 1 failed\n\nand 1 more gate, whose command printed something; results.json has all\n"},
};

static void test_printed(void **state)
{
    const struct printed_row *row = *state;
    const struct mlg_report_options options = {.room = row->room};
    struct fixture fixture;
    struct mlg_builder text;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "repro", "repro");
    gate->error = "run 1 failed";
    gate->printed = (const char **)row->lines;
    gate->printed_count = row->count;
    mlg_results_conclude(&fixture.results);
    write_with(&fixture, &options, &text);
    fixture_assert_has(&text, row->block);
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

/* ---- room ------------------------------------------------------------------------------------------ */

static void many(struct fixture *fixture, size_t count)
{
    fixture_init(fixture);
    struct mlg_gate_result *gate = fixture_gate(fixture, "accuracy", "accuracy on test (2,613 rows)");
    for (size_t i = 0; i < count; i++) {
        struct mlg_check_result *check =
            fixture_check(fixture, gate, "recall >= 0.8", i % 2 ? MLG_FAIL : MLG_PASS, 0.7, 0.65, 0.75);
        fixture_slice(fixture, check, "city", mlg_arena_format(&fixture->arena, "town %zu", i));
        check->reason = "the whole interval is below the limit";
    }
    mlg_results_conclude(&fixture->results);
}

struct room_row {
    const char *name;
    size_t checks, room, most;
    const char *says;
};

static const struct room_row rooms[] = {
    {"a summary stays below what GitHub takes", 20000, 0, 900 * 1024,
     " more checks that block; results.json has all"},
    {"a comment may have less room", 300, 60000, 60000, " more checks; results.json has all"},
    {"where there is hardly any the verdict is told", 300, 4096, 4096, "blocked: 150 failed, 150 passed"},
    {"where all fits nothing is left out", 20, 0, 900 * 1024, "`town 1`"},
};

static void test_room(void **state)
{
    const struct room_row *row = *state;
    const struct mlg_report_options options = {.room = row->room};
    static const char end[] = "\n</details>\n";
    struct fixture fixture;
    struct mlg_builder text;
    many(&fixture, row->checks);
    write_with(&fixture, &options, &text);
    assert_true(text.size <= row->most);
    if (row->checks > 20)
        fixture_assert_has(&text, row->says);
    else
        fixture_assert_lacks(&text, " more ");
    assert_string_equal(text.data + text.size - strlen(end), end);
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

static void test_what_changed_stands_below_the_verdict(void **state)
{
    struct mlg_report_options options = {.changes = "- `f1` fell\n- a limit went"};
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    fixture_example(&fixture);
    write_with(&fixture, &options, &text);
    fixture_assert_has(&text, "exit 1)\n\n### What changed since the base\n\n- `f1` fell\n- a limit went\n\n"
                              "### What blocks\n");
    mlg_builder_free(&text);
    char *long_text = mlg_arena_alloc(&fixture.arena, 1, 20001);
    assert_non_null(long_text);
    for (size_t i = 0; i < 20000; i += 10)
        memcpy(long_text + i, "- changed\n", 10);
    options = (struct mlg_report_options){.changes = long_text, .room = 30000};
    write_with(&fixture, &options, &text);
    assert_true(text.size <= 30000);
    fixture_assert_has(&text,
                       "- changed\n\nMore has changed than there is room for here.\n\n### What blocks\n");
    mlg_builder_free(&text);
    options = (struct mlg_report_options){.changes = " \n"};
    write_with(&fixture, &options, &text);
    fixture_assert_lacks(&text, "What changed");
    mlg_builder_free(&text);
    fixture_free(&fixture);
}

int main(void)
{
    enum { MOST = 64 };
    struct CMUnitTest tests[MOST];
    size_t count = 0;
    NAMED_ROWS(tests, count, goldens, test_golden);
    NAMED_ROWS(tests, count, pictures, test_picture);
    NAMED_ROWS(tests, count, printed, test_printed);
    NAMED_ROWS(tests, count, rooms, test_room);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_what_comes_from_data_is_no_markup);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_what_changed_stands_below_the_verdict);
    return _cmocka_run_group_tests("markdown", tests, count, NULL, NULL);
}
