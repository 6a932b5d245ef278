/* What changed between two finished suites: one row for each way a check can change. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlgate/changes.h"
#include "named_rows.h"
#include "results_fixture.h"

/* ---- one check --------------------------------------------------------------------------------------- */

struct side {
    const char *check; /* NULL: there is none */
    enum mlg_verdict verdict;
    double estimate, lower, upper;
    bool not_enforced, warns_only, is_reported;
    const char *method;
    double confidence; /* 0: 0.95 */
};

struct row {
    const char *name;
    struct side before, after;
    enum mlg_change_kind kind;
    enum mlg_movement movement;
    bool worse;
    const char *text;
};

#define AUC "roc_auc >= 0.8"
#define PASSES                                                                                               \
    {                                                                                                        \
        .check = AUC, .verdict = MLG_PASS, .estimate = 0.85, .lower = 0.84, .upper = 0.86                    \
    }

static const struct row rows[] = {
    {"the same", PASSES, PASSES, MLG_CHANGE_NONE, MLG_MOVEMENT_NONE, false, ""},
    {"a value that moved within the intervals",
     PASSES,
     {.check = AUC, .verdict = MLG_PASS, .estimate = 0.845, .lower = 0.835, .upper = 0.855},
     MLG_CHANGE_MOVED,
     MLG_MOVEMENT_WITHIN,
     false,
     "0.850 [0.840, 0.860] -> 0.845 [0.835, 0.855], the intervals overlap, so that chance may be all of it"},
    {"a value that moved beyond the intervals",
     PASSES,
     {.check = AUC, .verdict = MLG_PASS, .estimate = 0.82, .lower = 0.81, .upper = 0.83},
     MLG_CHANGE_MOVED,
     MLG_MOVEMENT_BEYOND,
     false,
     "0.850 [0.840, 0.860] -> 0.820 [0.810, 0.830], the intervals do not overlap"},
    {"intervals that touch overlap",
     PASSES,
     {.check = AUC, .verdict = MLG_PASS, .estimate = 0.83, .lower = 0.82, .upper = 0.84},
     MLG_CHANGE_MOVED,
     MLG_MOVEMENT_WITHIN,
     false,
     "0.850 [0.840, 0.860] -> 0.830 [0.820, 0.840], the intervals overlap, so that chance may be all of it"},
    {"a value without an interval",
     {.check = AUC, .verdict = MLG_PASS, .estimate = 0.85, .lower = NAN, .upper = NAN},
     {.check = AUC, .verdict = MLG_PASS, .estimate = 0.83, .lower = NAN, .upper = NAN},
     MLG_CHANGE_MOVED,
     MLG_MOVEMENT_UNKNOWN,
     false,
     "0.850 -> 0.830, no intervals tell whether it is chance"},
    {"an exact value",
     {.check = "overlap <= 9", .verdict = MLG_PASS, .estimate = 2, .lower = 2, .upper = 2, .method = "exact"},
     {.check = "overlap <= 9", .verdict = MLG_PASS, .estimate = 3, .lower = 3, .upper = 3, .method = "exact"},
     MLG_CHANGE_MOVED,
     MLG_MOVEMENT_EXACT,
     false,
     "2 -> 3, exact"},
    {"values that are shown alike",
     {.check = AUC, .verdict = MLG_PASS, .estimate = 0.85, .lower = NAN, .upper = NAN},
     {.check = AUC, .verdict = MLG_PASS, .estimate = 0.85000001, .lower = NAN, .upper = NAN},
     MLG_CHANGE_MOVED,
     MLG_MOVEMENT_UNKNOWN,
     false,
     "0.85 -> 0.85000001, no intervals tell whether it is chance"},
    {"pass to fail is worse",
     PASSES,
     {.check = AUC, .verdict = MLG_FAIL, .estimate = 0.75, .lower = 0.74, .upper = 0.76},
     MLG_CHANGE_WORSE,
     MLG_MOVEMENT_BEYOND,
     true,
     "pass -> fail; 0.850 [0.840, 0.860] -> 0.750 [0.740, 0.760], the intervals do not overlap"},
    {"pass to inconclusive is worse",
     PASSES,
     {.check = AUC, .verdict = MLG_INCONCLUSIVE, .estimate = 0.81, .lower = 0.79, .upper = 0.85},
     MLG_CHANGE_WORSE,
     MLG_MOVEMENT_WITHIN,
     true,
     "pass -> inconclusive; 0.850 [0.840, 0.860] -> 0.810 [0.790, 0.850], the intervals overlap, so that "
     "chance may be all of it"},
    {"pass to error is worse",
     PASSES,
     {.check = AUC, .verdict = MLG_VERDICT_ERROR, .estimate = NAN, .lower = NAN, .upper = NAN},
     MLG_CHANGE_WORSE,
     MLG_MOVEMENT_UNKNOWN,
     true,
     "pass -> error; 0.850 [0.840, 0.860] -> not measured, no intervals tell whether it is chance"},
    {"pass to waived is worse",
     PASSES,
     {.check = AUC, .verdict = MLG_WAIVED, .estimate = 0.85, .lower = 0.84, .upper = 0.86},
     MLG_CHANGE_WORSE,
     MLG_MOVEMENT_NONE,
     true,
     "pass -> waived"},
    {"a check that is not enforced is worse too",
     {.check = AUC,
      .verdict = MLG_PASS,
      .estimate = 0.85,
      .lower = 0.84,
      .upper = 0.86,
      .not_enforced = true},
     {.check = AUC,
      .verdict = MLG_FAIL,
      .estimate = 0.85,
      .lower = 0.84,
      .upper = 0.86,
      .not_enforced = true},
     MLG_CHANGE_WORSE,
     MLG_MOVEMENT_NONE,
     true,
     "pass -> fail"},
    {"fail to error is no worse",
     {.check = AUC, .verdict = MLG_FAIL, .estimate = 0.7, .lower = 0.6, .upper = 0.75},
     {.check = AUC, .verdict = MLG_VERDICT_ERROR, .estimate = 0.7, .lower = 0.6, .upper = 0.75},
     MLG_CHANGE_OTHER,
     MLG_MOVEMENT_NONE,
     false,
     "fail -> error"},
    {"fail to pass is better",
     {.check = AUC, .verdict = MLG_FAIL, .estimate = 0.75, .lower = 0.74, .upper = 0.76},
     PASSES,
     MLG_CHANGE_BETTER,
     MLG_MOVEMENT_BEYOND,
     false,
     "fail -> pass; 0.750 [0.740, 0.760] -> 0.850 [0.840, 0.860], the intervals do not overlap"},
    {"a check that is gone is worse",
     PASSES,
     {0},
     MLG_CHANGE_WORSE,
     MLG_MOVEMENT_NONE,
     true,
     "gone, was pass, 0.850 [0.840, 0.860]"},
    {"a failing check that is gone is worse: it blocked",
     {.check = AUC, .verdict = MLG_FAIL, .estimate = 0.75, .lower = 0.74, .upper = 0.76},
     {0},
     MLG_CHANGE_WORSE,
     MLG_MOVEMENT_NONE,
     true,
     "gone, was fail, 0.750 [0.740, 0.760]"},
    {"a check that was not enforced may go",
     {.check = AUC,
      .verdict = MLG_PASS,
      .estimate = 0.85,
      .lower = 0.84,
      .upper = 0.86,
      .not_enforced = true},
     {0},
     MLG_CHANGE_GONE,
     MLG_MOVEMENT_NONE,
     false,
     "gone, was pass, 0.850 [0.840, 0.860]; it was not enforced"},
    {"a check that is not enforced any more is worse",
     PASSES,
     {.check = AUC,
      .verdict = MLG_PASS,
      .estimate = 0.85,
      .lower = 0.84,
      .upper = 0.86,
      .not_enforced = true},
     MLG_CHANGE_WORSE,
     MLG_MOVEMENT_NONE,
     true,
     "no longer enforced"},
    {"a check that only warns now",
     PASSES,
     {.check = AUC, .verdict = MLG_PASS, .estimate = 0.85, .lower = 0.84, .upper = 0.86, .warns_only = true},
     MLG_CHANGE_OTHER,
     MLG_MOVEMENT_NONE,
     false,
     "warns only now where it is inconclusive"},
    {"a check that blocks again",
     {.check = AUC, .verdict = MLG_PASS, .estimate = 0.85, .lower = 0.84, .upper = 0.86, .warns_only = true},
     PASSES,
     MLG_CHANGE_OTHER,
     MLG_MOVEMENT_NONE,
     false,
     "now blocks where it is inconclusive"},
    {"a new check that fails is no worse",
     {0},
     {.check = AUC, .verdict = MLG_FAIL, .estimate = 0.75, .lower = 0.74, .upper = 0.76},
     MLG_CHANGE_NEW,
     MLG_MOVEMENT_NONE,
     false,
     "new, fail, 0.750 [0.740, 0.760]"},
    {"a limit that asks for less",
     PASSES,
     {.check = "roc_auc >= 0.7", .verdict = MLG_PASS, .estimate = 0.85, .lower = 0.84, .upper = 0.86},
     MLG_CHANGE_OTHER,
     MLG_MOVEMENT_NONE,
     false,
     "limit >= 0.8 -> >= 0.7, which asks for less"},
    {"a limit that asks for more and is missed",
     PASSES,
     {.check = "roc_auc >= 0.9", .verdict = MLG_FAIL, .estimate = 0.85, .lower = 0.84, .upper = 0.86},
     MLG_CHANGE_WORSE,
     MLG_MOVEMENT_NONE,
     true,
     "pass -> fail; limit >= 0.8 -> >= 0.9, which asks for more"},
    {"a limit of <= that asks for less",
     {.check = "brier <= 0.1", .verdict = MLG_PASS, .estimate = 0.05, .lower = 0.04, .upper = 0.06},
     {.check = "brier <= 0.2", .verdict = MLG_PASS, .estimate = 0.05, .lower = 0.04, .upper = 0.06},
     MLG_CHANGE_OTHER,
     MLG_MOVEMENT_NONE,
     false,
     "limit <= 0.1 -> <= 0.2, which asks for less"},
    {"a confidence that is another one",
     PASSES,
     {.check = AUC, .verdict = MLG_PASS, .estimate = 0.85, .lower = 0.84, .upper = 0.86, .confidence = 0.9},
     MLG_CHANGE_OTHER,
     MLG_MOVEMENT_NONE,
     false,
     "confidence 0.95 -> 0.9"},
    {"a reported quantity that moved",
     {.check = "f1", .estimate = 0.5, .lower = NAN, .upper = NAN, .is_reported = true},
     {.check = "f1", .estimate = 0.6, .lower = NAN, .upper = NAN, .is_reported = true},
     MLG_CHANGE_MOVED,
     MLG_MOVEMENT_UNKNOWN,
     false,
     "0.500 -> 0.600, no intervals tell whether it is chance"},
    {"a reported quantity that is gone",
     {.check = "f1", .estimate = 0.5, .lower = NAN, .upper = NAN, .is_reported = true},
     {0},
     MLG_CHANGE_GONE,
     MLG_MOVEMENT_NONE,
     false,
     "gone, was reported, 0.500"},
};

static void add_side(struct fixture *fixture, const struct side *side)
{
    fixture_init(fixture);
    struct mlg_gate_result *gate = fixture_gate(fixture, "accuracy", "accuracy on test");
    if (!side->check)
        return;
    struct mlg_check_result *check = side->is_reported
                                         ? fixture_reported(fixture, gate, side->check, side->estimate)
                                         : fixture_check(fixture, gate, side->check, side->verdict,
                                                         side->estimate, side->lower, side->upper);
    if (side->is_reported)
        return;
    check->enforce = !side->not_enforced;
    check->warns_only = side->warns_only;
    check->method = side->method ? side->method : check->method;
    check->confidence = side->confidence > 0 ? side->confidence : 0.95;
}

static void tells(void **state)
{
    const struct row *row = *state;
    struct fixture before, after;
    struct mlg_changes changes;
    struct mlg_error error = {0};
    add_side(&before, &row->before);
    add_side(&after, &row->after);
    assert_int_equal(mlg_changes_find(&before.results, &after.results, &after.arena, &changes, &error),
                     MLG_OK);
    assert_int_equal(changes.check_count, 1);
    assert_string_equal(changes.checks[0].text, row->text);
    assert_int_equal(changes.checks[0].kind, row->kind);
    assert_int_equal(changes.checks[0].movement, row->movement);
    assert_int_equal(changes.worse, row->worse);
    fixture_free(&before);
    fixture_free(&after);
}

/* ---- whole suites -------------------------------------------------------------------------------------- */

typedef void put_changes(const struct mlg_changes *changes, struct mlg_builder *out);

static void compare(struct fixture *before, struct fixture *after, put_changes *put, struct mlg_builder *out,
                    struct mlg_changes *changes)
{
    struct mlg_error error = {0};
    assert_int_equal(mlg_changes_find(&before->results, &after->results, &after->arena, changes, &error),
                     MLG_OK);
    mlg_builder_init(out, 0);
    put(changes, out);
    assert_false(out->failed);
}

/* Two limits of one quantity stay two checks, in their order; slices and gates are told apart. */
static void matches_what_is_left_over_in_order(void **state)
{
    struct fixture before, after;
    struct mlg_changes changes;
    struct mlg_builder out;
    (void)state;
    fixture_init(&before);
    fixture_init(&after);
    struct mlg_gate_result *gate = fixture_gate(&before, "accuracy", "");
    fixture_check(&before, gate, "f1 >= 0.5", MLG_PASS, 0.7, 0.6, 0.8);
    fixture_check(&before, gate, "f1 >= 0.6", MLG_PASS, 0.7, 0.6, 0.8);
    fixture_slice(&before, fixture_check(&before, gate, "f1 >= 0.4", MLG_PASS, 0.7, 0.6, 0.8), "sex", "Male");
    gate = fixture_gate(&after, "accuracy", "");
    fixture_slice(&after, fixture_check(&after, gate, "f1 >= 0.3", MLG_PASS, 0.7, 0.6, 0.8), "sex", "Male");
    fixture_check(&after, gate, "f1 >= 0.6", MLG_PASS, 0.7, 0.6, 0.8);
    fixture_check(&after, gate, "f1 >= 0.4", MLG_PASS, 0.7, 0.6, 0.8);
    compare(&before, &after, mlg_changes_put_text, &out, &changes);
    assert_string_equal(out.data,
                        "Judged otherwise\n"
                        "  accuracy / f1 >= 0.3 / sex=Male: limit >= 0.4 -> >= 0.3, which asks for less\n"
                        "  accuracy / f1 >= 0.4: limit >= 0.5 -> >= 0.4, which asks for less\n\n"
                        "2 judged otherwise, 1 the same\n");
    mlg_builder_free(&out);
    fixture_free(&before);
    fixture_free(&after);
}

static void tells_what_was_judged(void **state)
{
    struct fixture before, after;
    struct mlg_changes changes;
    struct mlg_builder out;
    struct mlg_input_result was[] = {
        {.name = "test", .path = "a.csv", .sha256 = "aaaaaaaaaaaaaaaa", .rows = 5226},
        {.name = "model", .path = "m.onnx", .sha256 = "cccccccccccccccc"}};
    struct mlg_input_result is[] = {
        {.name = "test", .path = "a.csv", .sha256 = "bbbbbbbbbbbbbbbb", .rows = 5300},
        {.name = "model", .path = "x/m.onnx", .sha256 = "cccccccccccccccc"},
        {.name = "train", .path = "t.csv", .sha256 = "dddddddddddddddd", .rows = 1}};
    (void)state;
    fixture_init(&before);
    fixture_init(&after);
    before.results.inputs = was;
    before.results.input_count = 2;
    after.results.inputs = is;
    after.results.input_count = 3;
    before.results.verdict = MLG_PASS;
    after.results.verdict = MLG_FAIL;
    after.results.exit_code = 1;
    after.results.config_sha256 = "eeeeeeeeeeeeeeee";
    after.results.seed = 2;
    after.results.family = "holm";
    after.results.version = "0.2.0";
    compare(&before, &after, mlg_changes_put_text, &out, &changes);
    assert_string_equal(out.data,
                        "verdict: pass (exit code 0) -> fail (exit code 1)\n"
                        "version: 0.1.0 -> 0.2.0\n"
                        "config: mlgate.yaml, sha256 9c56cc51b374 -> mlgate.yaml, sha256 eeeeeeeeeeee\n"
                        "family: none -> holm\n"
                        "seed: 1 -> 2\n"
                        "input test: a.csv, sha256 aaaaaaaaaaaa, 5,226 rows -> a.csv, sha256 "
                        "bbbbbbbbbbbb, 5,300 rows\n"
                        "input train: none -> t.csv, sha256 dddddddddddd, 1 row\n\n"
                        "no checks\n");
    mlg_builder_free(&out);
    fixture_free(&before);
    fixture_free(&after);
}

static void a_suite_against_itself_is_the_same(void **state)
{
    struct fixture before, after;
    struct mlg_changes changes;
    struct mlg_builder out;
    (void)state;
    fixture_init(&before);
    fixture_init(&after);
    fixture_everything(&before);
    fixture_everything(&after);
    compare(&before, &after, mlg_changes_put_text, &out, &changes);
    assert_false(changes.worse);
    assert_int_equal(changes.fact_count, 0);
    assert_int_equal(changes.counts[MLG_CHANGE_NONE], changes.check_count);
    assert_true(changes.check_count > 3);
    mlg_builder_free(&out);
    fixture_free(&before);
    fixture_free(&after);
}

/* Everything new: each text of an attacker is printed. */
static void hostile_texts_stay_texts(void **state)
{
    struct fixture before, after;
    struct mlg_changes changes;
    struct mlg_builder out;
    (void)state;
    fixture_init(&before);
    fixture_init(&after);
    fixture_hostile(&after);
    compare(&before, &after, mlg_changes_put_text, &out, &changes);
    fixture_assert_lacks(&out, "\n::");
    fixture_assert_lacks(&out, "\x1b");
    mlg_builder_free(&out);
    compare(&before, &after, mlg_changes_put_markdown, &out, &changes);
    fixture_assert_lacks(&out, "\n::");
    fixture_assert_lacks(&out, "\x1b");
    fixture_assert_lacks(&out, "<b");
    fixture_assert_lacks(&out, "<s");
    for (const char *line = out.data; *line; line += strcspn(line, "\n") + 1) {
        size_t cells = 0;
        for (const char *c = line; *c && *c != '\n'; c++)
            cells += *c == '|' && (c == line || c[-1] != '\\');
        assert_true(cells == 0 || cells == 4);
    }
    mlg_builder_free(&out);
    fixture_free(&before);
    fixture_free(&after);
}

enum { MANY = MLG_CHANGES_SHOWN - 1, LONG = 5000 };

/* Long names are cut, and what has no room is counted: every row is whole. */
static void markdown_keeps_within_its_room(void **state)
{
    struct fixture before, after;
    struct mlg_changes changes;
    struct mlg_builder out;
    struct mlg_input_result inputs[MANY] = {0};
    static char name[LONG + 1];
    size_t lines = 0, left_out = 0;
    (void)state;
    memset(name, '@', LONG);
    fixture_init(&before);
    fixture_init(&after);
    struct mlg_gate_result *gate = fixture_gate(&after, "accuracy", "");
    for (size_t i = 0; i < MANY; i++) {
        struct mlg_check_result *check = fixture_check(&after, gate, AUC, MLG_FAIL, 0.7, 0.6, 0.8);
        check->id = mlg_arena_format(&after.arena, "%zu %s", i, name);
        inputs[i] = (struct mlg_input_result){.name = check->id, .path = name, .sha256 = "aaaaaaaaaaaaaaaa"};
    }
    after.results.inputs = inputs;
    after.results.input_count = MANY;
    compare(&before, &after, mlg_changes_put_markdown, &out, &changes);
    assert_true(out.size > MLG_CHANGES_ROOM / 2 && out.size <= MLG_CHANGES_ROOM);
    for (const char *line = out.data; *line; line += strcspn(line, "\n") + 1) {
        const char *end = line + strcspn(line, "\n");
        unsigned long more;
        assert_true(*end == '\n' && (*line != '|' || end[-1] == '|'));
        lines += *line == '|' && line[1] != '-';
        if (sscanf(line, "\xe2\x80\xa6 and %lu more", &more) == 1)
            left_out += more;
    }
    lines -= 2; /* the heads of the tables */
    assert_true(left_out > 0);
    assert_int_equal(lines + left_out, 2 * MANY);
    fixture_assert_lacks(&out, name);
    assert_non_null(strstr(out.data, "@<!-- -->\xe2\x80\xa6 |"));
    mlg_builder_free(&out);
    after.results.inputs = NULL;
    after.results.input_count = 0;
    fixture_free(&before);
    fixture_free(&after);
}

/* What a check would do if it were inconclusive is known of one that passes, too. */
static void results_tell_what_warns_only(void **state)
{
    struct fixture before, after;
    struct mlg_results read;
    struct mlg_changes changes;
    struct mlg_builder document, out;
    struct mlg_error error = {0};
    const struct side side = {.check = AUC,
                              .verdict = MLG_PASS,
                              .estimate = 0.85,
                              .lower = 0.84,
                              .upper = 0.86,
                              .warns_only = true};
    const struct side blocking = PASSES;
    (void)state;
    add_side(&before, &blocking);
    add_side(&after, &side);
    mlg_results_conclude(&after.results);
    mlg_builder_init(&document, 0);
    mlg_results_write(&after.results, &document);
    assert_int_equal(mlg_results_read("new.json", document.data, document.size, &after.arena, &read, &error),
                     MLG_OK);
    assert_int_equal(mlg_changes_find(&before.results, &read, &after.arena, &changes, &error), MLG_OK);
    mlg_builder_init(&out, 0);
    mlg_changes_put_text(&changes, &out);
    assert_non_null(strstr(out.data, "Judged otherwise\n  accuracy / roc_auc >= 0.8: warns only now where it "
                                     "is inconclusive\n"));
    mlg_builder_free(&document);
    mlg_builder_free(&out);
    fixture_free(&before);
    fixture_free(&after);
}

static void writes_json(void **state)
{
    struct fixture before, after;
    struct mlg_changes changes;
    struct mlg_builder out;
    (void)state;
    add_side(&before, &rows[7].before);
    add_side(&after, &rows[7].after);
    compare(&before, &after, mlg_changes_put_json, &out, &changes);
    assert_string_equal(
        out.data,
        "{\n  \"schema\": \"mlgate-changes/1\",\n  \"worse\": true,\n  \"counts\": {\"worse\": 1, "
        "\"better\": 0, "
        "\"other\": 0, \"gone\": 0, \"new\": 0, \"moved\": 0, \"same\": 0},\n  \"suite\": [],\n  \"checks\": "
        "[\n"
        "    {\"id\": \"accuracy / roc_auc >= 0.8\", \"change\": \"worse\", \"reported\": false, "
        "\"movement\": "
        "\"beyond\", \"limit\": \"same\",\n      \"text\": \"pass -> fail; 0.850 [0.840, 0.860] -> 0.750 "
        "[0.740, "
        "0.760], the intervals do not overlap\",\n"
        "      \"before\": {\"id\": \"accuracy / roc_auc >= 0.8\", \"verdict\": \"pass\", \"comparator\": "
        "\">=\", \"limit\": 0.8, \"estimate\": 0.85, \"lower\": 0.84, \"upper\": 0.86, \"confidence\": 0.95, "
        "\"n\": 2613, \"enforce\": true},\n"
        "      \"after\": {\"id\": \"accuracy / roc_auc >= 0.8\", \"verdict\": \"fail\", \"comparator\": "
        "\">=\", \"limit\": 0.8, \"estimate\": 0.75, \"lower\": 0.74, \"upper\": 0.76, \"confidence\": 0.95, "
        "\"n\": 2613, \"enforce\": true}}\n  ]\n}\n");
    mlg_builder_free(&out);
    fixture_free(&before);
    fixture_free(&after);
}

static void without_memory_it_is_an_error(void **state)
{
    struct fixture before, after;
    struct mlg_arena little;
    struct mlg_changes changes;
    size_t refused = 0;
    (void)state;
    fixture_init(&before);
    fixture_init(&after);
    fixture_example(&before);
    fixture_everything(&after);
    for (size_t size = 1; size < 60000; size += 997) {
        struct mlg_error error = {0};
        mlg_arena_init(&little, size);
        const int code = mlg_changes_find(&before.results, &after.results, &little, &changes, &error);
        assert_true(code == MLG_OK || code == MLG_LIMIT);
        refused += code == MLG_LIMIT;
        mlg_arena_free(&little);
    }
    assert_true(refused > 0);
    fixture_free(&before);
    fixture_free(&after);
}

int main(void)
{
    static const struct CMUnitTest others[] = {cmocka_unit_test(matches_what_is_left_over_in_order),
                                               cmocka_unit_test(tells_what_was_judged),
                                               cmocka_unit_test(a_suite_against_itself_is_the_same),
                                               cmocka_unit_test(hostile_texts_stay_texts),
                                               cmocka_unit_test(markdown_keeps_within_its_room),
                                               cmocka_unit_test(results_tell_what_warns_only),
                                               cmocka_unit_test(writes_json),
                                               cmocka_unit_test(without_memory_it_is_an_error)};
    static struct CMUnitTest told[COUNT(rows)];
    size_t count = 0;
    NAMED_ROWS(told, count, rows, tells);
    return _cmocka_run_group_tests("told", told, count, NULL, NULL) +
           cmocka_run_group_tests(others, NULL, NULL);
}
