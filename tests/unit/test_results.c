/* The finished suite: what its checks come to, results.json written and read back. */
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

/* ---- the conclusion ------------------------------------------------------------------------------- */

enum { CHECKS = 4 };

struct conclusion_row {
    const char *name;
    struct {
        enum mlg_verdict verdict;
        bool not_enforced, warns_only;
    } checks[CHECKS];
    size_t count;
    bool gate_error, suite_error;
    int exit_code;
    enum mlg_verdict verdict, gate_verdict;
    uint64_t not_enforced;
    size_t errors;
};

static const struct conclusion_row conclusions[] = {
    {"passes only pass", {{MLG_PASS, 0, 0}, {MLG_PASS, 0, 0}}, 2, 0, 0, 0, MLG_PASS, MLG_PASS, 0, 0},
    {"one failure blocks", {{MLG_PASS, 0, 0}, {MLG_FAIL, 0, 0}}, 2, 0, 0, 1, MLG_FAIL, MLG_FAIL, 0, 0},
    {"a failure comes before an error",
     {{MLG_VERDICT_ERROR, 0, 0}, {MLG_FAIL, 0, 0}, {MLG_INCONCLUSIVE, 0, 0}},
     3,
     0,
     0,
     1,
     MLG_FAIL,
     MLG_FAIL,
     0,
     0},
    {"an error comes before inconclusive",
     {{MLG_INCONCLUSIVE, 0, 0}, {MLG_VERDICT_ERROR, 0, 0}},
     2,
     0,
     0,
     3,
     MLG_VERDICT_ERROR,
     MLG_VERDICT_ERROR,
     0,
     0},
    {"inconclusive blocks",
     {{MLG_PASS, 0, 0}, {MLG_INCONCLUSIVE, 0, 0}},
     2,
     0,
     0,
     2,
     MLG_INCONCLUSIVE,
     MLG_INCONCLUSIVE,
     0,
     0},
    {"inconclusive with on_inconclusive: warn does not block",
     {{MLG_PASS, 0, 0}, {MLG_INCONCLUSIVE, 0, 1}},
     2,
     0,
     0,
     0,
     MLG_PASS,
     MLG_PASS,
     0,
     0},
    {"on_inconclusive: warn lets no failure through",
     {{MLG_FAIL, 0, 1}},
     1,
     0,
     0,
     1,
     MLG_FAIL,
     MLG_FAIL,
     0,
     0},
    {"on_inconclusive: warn lets no error through",
     {{MLG_VERDICT_ERROR, 0, 1}},
     1,
     0,
     0,
     3,
     MLG_VERDICT_ERROR,
     MLG_VERDICT_ERROR,
     0,
     0},
    {"what is not enforced never blocks but is counted",
     {{MLG_FAIL, 1, 0}, {MLG_INCONCLUSIVE, 1, 0}, {MLG_VERDICT_ERROR, 1, 0}, {MLG_PASS, 1, 0}},
     4,
     0,
     0,
     0,
     MLG_PASS,
     MLG_PASS,
     3,
     0},
    {"waived counts as a pass", {{MLG_WAIVED, 0, 0}}, 1, 0, 0, 0, MLG_PASS, MLG_PASS, 0, 0},
    {"a not applicable check beside a pass changes nothing",
     {{MLG_PASS, 0, 0}, {MLG_NOT_APPLICABLE, 0, 0}},
     2,
     0,
     0,
     0,
     MLG_PASS,
     MLG_PASS,
     0,
     0},
    {"nothing but not applicable is an error",
     {{MLG_NOT_APPLICABLE, 0, 0}},
     1,
     0,
     0,
     3,
     MLG_VERDICT_ERROR,
     MLG_NOT_APPLICABLE,
     0,
     1},
    {"zero checks are an error", {{MLG_PASS, 0, 0}}, 0, 0, 0, 3, MLG_VERDICT_ERROR, MLG_NOT_APPLICABLE, 0, 1},
    {"a gate that could not be judged is an error",
     {{MLG_PASS, 0, 0}},
     1,
     1,
     0,
     3,
     MLG_VERDICT_ERROR,
     MLG_VERDICT_ERROR,
     0,
     0},
    {"a gate without checks that could not be judged is an error once",
     {{MLG_PASS, 0, 0}},
     0,
     1,
     0,
     3,
     MLG_VERDICT_ERROR,
     MLG_VERDICT_ERROR,
     0,
     0},
    {"an error of the suite is an error though all passed",
     {{MLG_PASS, 0, 0}},
     1,
     0,
     1,
     3,
     MLG_VERDICT_ERROR,
     MLG_PASS,
     0,
     1},
    {"a failure comes before an error of the suite",
     {{MLG_FAIL, 0, 0}},
     1,
     0,
     1,
     1,
     MLG_FAIL,
     MLG_FAIL,
     0,
     1},
};

static void test_conclusion(void **state)
{
    const struct conclusion_row *row = *state;
    struct fixture fixture;
    fixture_init(&fixture);
    struct mlg_gate_result *gate = fixture_gate(&fixture, "accuracy", "accuracy on test");
    uint64_t counts[MLG_VERDICT_COUNT] = {0};
    for (size_t i = 0; i < row->count; i++) {
        struct mlg_check_result *check =
            fixture_check(&fixture, gate, "f1 >= 0.5", row->checks[i].verdict, 0.5, 0.4, 0.6);
        check->enforce = !row->checks[i].not_enforced;
        check->blocks = !row->checks[i].warns_only;
        counts[row->checks[i].verdict]++;
    }
    fixture_reported(&fixture, gate, "log_loss", 0.4); /* never counts */
    if (row->gate_error)
        gate->error = "cannot open 'test.csv'";
    if (row->suite_error)
        fixture_error(&fixture, "no gate is called 'x'");
    for (int twice = 0; twice < 2; twice++) {
        mlg_results_conclude(&fixture.results);
        assert_int_equal(fixture.results.exit_code, row->exit_code);
        assert_int_equal(fixture.results.verdict, row->verdict);
        assert_int_equal(fixture.results.gates[0].verdict, row->gate_verdict);
        assert_int_equal(fixture.results.not_enforced, row->not_enforced);
        assert_int_equal(fixture.results.error_count, row->errors);
        assert_memory_equal(fixture.results.counts, counts, sizeof counts);
    }
    fixture_free(&fixture);
}

static void test_no_gates_at_all_are_an_error(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    mlg_results_conclude(&fixture.results);
    assert_int_equal(fixture.results.exit_code, MLG_EXIT_ERROR);
    assert_int_equal(fixture.results.error_count, 1);
    assert_non_null(strstr(fixture.results.errors[0], "no check was judged"));
    fixture_free(&fixture);
}

/* ---- writing and reading -------------------------------------------------------------------------- */

static void empty(struct fixture *fixture)
{
    fixture_init(fixture);
    memset(&fixture->results, 0, sizeof fixture->results);
    fixture->results.version = "0.1.0";
    mlg_results_conclude(&fixture->results);
}

static void extreme_numbers(struct fixture *fixture)
{
    static const double values[] = {0.1,
                                    1e-300,
                                    4.9e-324,
                                    1.7976931348623157e308,
                                    1e15,
                                    1e16,
                                    1e17,
                                    123456789012345680.0,
                                    9007199254740993.0,
                                    -0.0,
                                    -1.5,
                                    0.1 + 0.2,
                                    1.0 / 3};
    fixture_init(fixture);
    fixture->results.seed = INT64_MIN;
    struct mlg_gate_result *gate = fixture_gate(fixture, "numbers", "numbers");
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct mlg_check_result *check =
            fixture_check(fixture, gate, "mae <= 1", MLG_INCONCLUSIVE, values[i], -values[i], values[i]);
        check->n = UINT64_MAX;
        check->rows_needed = (struct mlg_optional){true, values[i]};
    }
    mlg_results_conclude(&fixture->results);
}

/* Numbers that JSON has no words for are not known to its readers. */
static void no_numbers(struct fixture *fixture)
{
    static const double values[] = {NAN, INFINITY, -INFINITY};
    fixture_init(fixture);
    struct mlg_gate_result *gate = fixture_gate(fixture, "numbers", "numbers");
    for (size_t i = 0; i < 3; i++) {
        struct mlg_check_result *check =
            fixture_check(fixture, gate, "mae <= 1", MLG_VERDICT_ERROR, NAN, NAN, NAN);
        struct mlg_optional value = {true, values[i]};
        check->estimate = check->lower = check->upper = check->limit = check->constant = check->rows_needed =
            value;
        check->confidence = NAN;
    }
    fixture->results.run.seconds = NAN;
    mlg_results_conclude(&fixture->results);
}

static void positional_arguments(struct fixture *fixture)
{
    fixture_init(fixture);
    struct mlg_gate_result *gate = fixture_gate(fixture, "overfit", "overfit");
    struct mlg_check_result *check = fixture_check(fixture, gate, "overlap(a, b) <= 0", MLG_PASS, 0, 0, 0);
    fixture_argument(fixture, check, "", "a");
    fixture_argument(fixture, check, "", "b");
    mlg_results_conclude(&fixture->results);
}

struct fixture_row {
    const char *name;
    void (*make)(struct fixture *fixture);
};

static const struct fixture_row round_trips[] = {
    {"the example is read back as it was written", fixture_example},
    {"every member is read back as it was written", fixture_everything},
    {"hostile texts are read back as they were written", fixture_hostile},
    {"results without anything are read back as they were written", empty},
    {"extreme numbers are read back as they were written", extreme_numbers},
    {"NaN and infinities are written as null and stay null", no_numbers},
    {"positional arguments keep their order", positional_arguments},
};

static const struct fixture_row same_reports[] = {
    {"every report of the example is the same when made later from results.json", fixture_example},
    {"every report of every member is the same when made later from results.json", fixture_everything},
    {"every report of results without anything is the same when made later", empty},
    {"every report of positional arguments is the same when made later", positional_arguments},
    {"every report of what is no number is the same when made later", no_numbers},
};

static void write_fixture(void (*make)(struct fixture *), struct mlg_builder *out)
{
    struct fixture fixture;
    make(&fixture);
    mlg_builder_init(out, 0);
    mlg_results_write(&fixture.results, out);
    fixture_free(&fixture);
    assert_false(out->failed);
}

static void test_round_trip(void **state)
{
    const struct fixture_row *row = *state;
    struct mlg_builder first, second;
    struct mlg_results results;
    struct mlg_error error = {0};
    struct mlg_arena arena;
    write_fixture(row->make, &first);
    mlg_arena_init(&arena, 0);
    if (mlg_results_read("results.json", first.data, first.size, &arena, &results, &error) != MLG_OK)
        fail_msg("%s in\n%s", error.text, first.data);
    mlg_builder_init(&second, 0);
    mlg_results_write(&results, &second);
    assert_false(second.failed);
    assert_string_equal(first.data, second.data);
    mlg_builder_free(&first);
    mlg_builder_free(&second);
    mlg_arena_free(&arena);
}

/* Every other report says the same whether it is made at once or later from results.json. */
static void test_reports_from_read_results(void **state)
{
    const struct fixture_row *row = *state;
    struct fixture fixture;
    struct mlg_builder document;
    struct mlg_results results;
    struct mlg_error error = {0};
    row->make(&fixture);
    mlg_builder_init(&document, 0);
    mlg_results_write(&fixture.results, &document);
    assert_int_equal(
        mlg_results_read("results.json", document.data, document.size, &fixture.arena, &results, &error),
        MLG_OK);
    for (size_t i = 0; mlg_reports[i]; i++) {
        struct mlg_builder now, later;
        mlg_builder_init(&now, 0);
        mlg_builder_init(&later, 0);
        mlg_reports[i]->write(&fixture.results, NULL, &now);
        mlg_reports[i]->write(&results, NULL, &later);
        assert_true(!now.failed && !later.failed);
        if (strcmp(mlg_reports[i]->name, "github") != 0) /* which has nothing to say of what passed */
            assert_true(now.size > 0);
        assert_string_equal(now.data, later.data);
        mlg_builder_free(&now);
        mlg_builder_free(&later);
    }
    mlg_builder_free(&document);
    fixture_free(&fixture);
}

static void test_written_as_documented(void **state)
{
    struct mlg_builder text;
    (void)state;
    write_fixture(fixture_everything, &text);
    fixture_assert_golden("everything.json", &text);
    mlg_builder_free(&text);
}

static void test_only_json_numbers_are_written(void **state)
{
    struct mlg_builder text;
    (void)state;
    write_fixture(no_numbers, &text);
    fixture_assert_lacks(&text, "nan");
    fixture_assert_lacks(&text, "inf");
    fixture_assert_has(&text, "\"estimate\": null");
    fixture_assert_has(&text, "\"confidence\": null");
    fixture_assert_has(&text, "\"seconds\": 0");
    mlg_builder_free(&text);
}

static void test_hostile_texts_stay_texts_in_json(void **state)
{
    struct mlg_builder text;
    (void)state;
    write_fixture(fixture_hostile, &text);
    fixture_assert_lacks(&text, "##");
    for (size_t i = 0; i < text.size; i++)
        assert_true((unsigned char)text.data[i] >= 0x20 || text.data[i] == '\n');
    fixture_assert_has(&text, "\\u001b[31m");
    fixture_assert_lacks(&text, "\n::");
    mlg_builder_free(&text);
}

static void test_a_lid_that_is_reached_is_told(void **state)
{
    struct fixture fixture;
    struct mlg_builder text;
    (void)state;
    fixture_everything(&fixture);
    for (size_t i = 0; mlg_reports[i]; i++) {
        mlg_builder_init(&text, 500);
        mlg_reports[i]->write(&fixture.results, NULL, &text);
        assert_true(text.failed);
        mlg_builder_free(&text);
    }
    fixture_free(&fixture);
}

/* ---- what is refused ------------------------------------------------------------------------------- */

struct mistake_row {
    const char *name;
    const char *from, *to; /* the first occurrence of `from` in the document is replaced */
    const char *sentence;  /* a part of the error; NULL: the document is accepted */
};

static const struct mistake_row mistakes[] = {
    {"another schema is named beside ours", "mlgate-results/1", "mlgate-results/2",
     "the schema is 'mlgate-results/2', but this mlgate reads only 'mlgate-results/1'"},
    {"a missing schema is named", "\"schema\"", "\"scheme\"", "member 'schema' is missing"},
    {"a missing member is named with its path", "\"verdict\": \"inconclusive\"",
     "\"verdikt\": \"inconclusive\"", "member 'gates[0].checks[2].verdict' is missing"},
    {"a member of a group is named with its path", "\"n\": 1300", "\"m\": 1300",
     "member 'gates[0].checks[8].groups[0].n' is missing"},
    {"an unknown verdict is refused", "\"verdict\": \"inconclusive\"", "\"verdict\": \"fine\"",
     "member 'gates[0].checks[2].verdict' is not a verdict"},
    {"a number where a text belongs is refused", "\"quantity\": \"mcc\"", "\"quantity\": 3",
     "member 'gates[0].checks[4].quantity' is not a text"},
    {"a text where a number belongs is refused", "\"estimate\": 0.31", "\"estimate\": \"0.31\"",
     "member 'gates[0].checks[4].estimate' is not a number"},
    {"a fraction where a count belongs is refused", "\"n\": 431", "\"n\": 431.5",
     "member 'gates[0].checks[1].n' is not a whole number from 0 on"},
    {"a negative count is refused", "\"n\": 431", "\"n\": -431",
     "member 'gates[0].checks[1].n' is not a whole number from 0 on"},
    {"a text where true or false belongs is refused", "\"enforce\": false", "\"enforce\": \"no\"",
     "member 'gates[0].checks[6].enforce' is neither true nor false"},
    {"a number as the value of a slice is refused", "\"sex\": \"Male\"", "\"sex\": 1",
     "member 'gates[0].checks[1].slice.sex' is neither a text nor null"},
    {"null where something must be is refused", "\"id\": \"accuracy / mcc >= 0.4\"", "\"id\": null",
     "member 'gates[0].checks[4].id' is null"},
    {"an array where an object belongs is refused", "\"slice\": {\"age\": \"< 25\"}", "\"slice\": []",
     "member 'gates[0].checks[2].slice' is not an object"},
    {"an object where an array belongs is refused", "\"notes\": []", "\"notes\": {}",
     "member 'gates[0].checks[1].notes' is not an array"},
    {"a member written twice is refused", "\"seed\": 1", "\"seed\": 1, \"seed\": 2", "duplicate"},
    {"a NaN is refused", "\"estimate\": 0.31", "\"estimate\": NaN", "this is not JSON"},
    {"a number beyond doubles is refused", "\"estimate\": 0.31", "\"estimate\": 1e400", "this is not JSON"},
    {"a zero byte in a text is refused", "ml-platform", "\\u0000", "this is not JSON"},
    {"bytes that are no UTF-8 are refused", "ml-platform", "\xff\xfe", "this is not JSON"},
    {"a failure edited to pass is found by its bounds", "\"verdict\": \"fail\",\n          \"enforce\": true",
     "\"verdict\": \"pass\",\n          \"enforce\": true",
     "member 'gates[0].checks[1].verdict' is 'pass', which the numbers of the check contradict; was the file "
     "edited by hand?"},
    {"a pass whose bound is on the wrong side is refused", "\"lower\": 0.84,", "\"lower\": 0.7,",
     "member 'gates[0].checks[0].verdict' is 'pass', which the numbers of the check contradict"},
    {"a pass without the bound that it needs is refused", "\"lower\": 0.84,", "\"lower\": null,",
     "member 'gates[0].checks[0].verdict' is 'pass', which the numbers of the check contradict"},
    {"a limit edited so that a pass would fail is refused", "\"limit\": 0.8,", "\"limit\": 0.9,",
     "member 'gates[0].checks[0].verdict' is 'pass', which the numbers of the check contradict"},
    {"an exact pass whose value misses the limit is refused", "\"estimate\": 2613,", "\"estimate\": 13,",
     "member 'gates[0].checks[7].verdict' is 'pass', which the numbers of the check contradict"},
    {"a failure by the value alone that meets the limit is refused", "\"estimate\": 0.42,",
     "\"estimate\": 0.72,",
     "member 'gates[0].checks[6].verdict' is 'fail', which the numbers of the check contradict"},
    {"a value on its limit may have been on either side of it in integers",
     "\"estimate\": 0.42,\n          \"lower\": 0.4,\n          \"upper\": 0.44,",
     "\"estimate\": 0.6,\n          \"lower\": 0.5,\n          \"upper\": 0.7,", NULL},
    {"a waived failure whose bounds meet the limit is refused", "\"upper\": 0.32,", "\"upper\": 0.5,",
     "member 'gates[0].checks[4].waiver.underlying' is 'fail', which the numbers of the check contradict"},
    {"of groups a pass needs the value alone", "\"lower\": 0.6,", "\"lower\": 0.4,", NULL},
    {"of groups a pass whose value misses the limit is refused", "\"estimate\": 0.7,", "\"estimate\": 0.3,",
     "member 'gates[0].checks[8].verdict' is 'pass', which the numbers of the check contradict"},
    {"what was measured is refused as not applicable", "\"verdict\": \"inconclusive\"",
     "\"verdict\": \"not_applicable\"",
     "member 'gates[0].checks[2].verdict' is 'not_applicable', which the numbers of the check contradict"},
    {"a pass without a value is refused", "\"estimate\": 0.851234567,", "\"estimate\": null,",
     "member 'gates[0].checks[0].verdict' is 'pass', which the numbers of the check contradict"},
    {"a pass whose value lies under its bounds is refused", "\"estimate\": 0.851234567,",
     "\"estimate\": 0.83,",
     "member 'gates[0].checks[0].verdict' is 'pass', which the numbers of the check contradict"},
    {"a pass whose upper bound lies under the lower one is refused", "\"upper\": 0.86,", "\"upper\": 0.83,",
     "member 'gates[0].checks[0].verdict' is 'pass', which the numbers of the check contradict"},
    {"a pass beside another limit than the one that is written is refused", "\"check\": \"accuracy >= 0.8\"",
     "\"check\": \"accuracy >= 0.99\"",
     "member 'gates[0].checks[0].verdict' is 'pass', which the numbers of the check contradict"},
    {"a pass whose comparator is not the one that is written is refused", "\"comparator\": \">=\"",
     "\"comparator\": \"\"",
     "member 'gates[0].checks[0].verdict' is 'pass', which the numbers of the check contradict"},
    {"of a check that this version cannot read nothing follows", "\"check\": \"accuracy >= 0.8\"",
     "\"check\": \"accuracy near 0.8\"", NULL},
    {"a waiver that had expired when the run started is refused", "\"expires\": \"2027-01-31\"",
     "\"expires\": \"2026-11-22\"",
     "member 'gates[0].checks[4].waiver' had expired when the run started, and waives nothing; was the file "
     "edited by hand?"},
    {"a waiver holds on the day on which it expires", "\"expires\": \"2027-01-31\"",
     "\"expires\": \"2026-11-23\"", NULL},
    {"a value from outside without a name is refused", "\"name\": \"MLGATE_DECIDE\"", "\"nome\": \"x\"",
     "member 'outside[0].name' is missing"},
    {"a noise floor without its metric is refused", "\"metric\": \"f1\"", "\"metrik\": \"f1\"",
     "member 'gates[0].noise_floor[0].metric' is missing"},
    {"a noise floor whose sd is a text is refused", "\"sd\": 0.0055", "\"sd\": \"little\"",
     "member 'gates[0].noise_floor[0].sd' is not a number"},
    {"what older versions do not tell may be missing", "\"left_out\"", "\"left\"", NULL},
    {"the verdict edited to pass is found", "\"verdict\": \"fail\"", "\"verdict\": \"pass\"",
     "'verdict' says 'pass', but the checks in the document come to 'fail'; was the file edited by hand?"},
    {"the exit code edited to 0 is found", "\"exit_code\": 1", "\"exit_code\": 0",
     "'exit_code' says '0', but the checks in the document come to '1'; was the file edited by hand?"},
    {"edited counts are found", "\"fail\": 2", "\"fail\": 1",
     "'counts.fail' says '1', but the checks in the document come to '2'; was the file edited by hand?"},
    {"the verdict of a gate edited to pass is found", "\"data\": \"test\",\n      \"verdict\": \"fail\"",
     "\"data\": \"test\",\n      \"verdict\": \"pass\"",
     "'gates[0].verdict' says 'pass', but the checks in the document come to 'fail'"},
    {"an edited count of what is not enforced is found", "\"not_enforced\": 1", "\"not_enforced\": 0",
     "'not_enforced' says '0', but the checks in the document come to '1'"},
    {"a failure said not to block is found", "\"blocks\": true", "\"blocks\": false",
     "member 'gates[0].checks[1].blocks' is false, but a check with this verdict blocks"},
    {"a word of on_inconclusive that there is not is refused", "\"enforce\": true",
     "\"enforce\": true, \"on_inconclusive\": \"warm\"",
     "member 'gates[0].checks[0].on_inconclusive' is neither 'warn' nor 'block'"},
    {"a pass that would only warn is read", "\"enforce\": true",
     "\"enforce\": true, \"on_inconclusive\": \"warn\"", NULL},
    {"an inconclusive check that blocks and does not is refused", "\"on_inconclusive\": \"warn\"",
     "\"on_inconclusive\": \"block\"",
     "member 'gates[0].checks[2].on_inconclusive' is contradicted by 'blocks'"},
    {"a waived check without its waiver is refused", "\"waiver\": {", "\"waived\": {",
     "member 'gates[0].checks[4].waiver' is missing at a waived check"},
    {"a waiver at a check that is not waived is refused", "\"waiver\": null", "\"waiver\": {}",
     "member 'gates[0].checks[0].waiver' stands at a check that is not waived"},
    {"a waiver of an error is refused", "\"underlying\": \"fail\"", "\"underlying\": \"error\"",
     "member 'gates[0].checks[4].waiver' covers neither fail nor inconclusive"},
    {"an unknown member is ignored", "\"seed\": 1", "\"seed\": 1, \"colour\": {\"of\": [\"it\"]}", NULL},
    {"spaces do not matter", "\"seed\": 1", "\"seed\"\n\t:\r\n  1", NULL},
    {"a member of a later version may be missing", "\"limit_is_vacuous\": true,", "", NULL},
};

static char *replaced(const char *text, const char *from, const char *to)
{
    const char *at = strstr(text, from);
    char *result = malloc(strlen(text) + strlen(to) + 1);
    assert_non_null(at);
    assert_non_null(result);
    sprintf(result, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return result;
}

static void test_mistake(void **state)
{
    const struct mistake_row *row = *state;
    struct mlg_builder text;
    struct mlg_results results;
    struct mlg_error error = {0};
    struct mlg_arena arena;
    write_fixture(fixture_everything, &text);
    char *document = replaced(text.data, row->from, row->to);
    mlg_arena_init(&arena, 0);
    int code = mlg_results_read("results.json", document, strlen(document), &arena, &results, &error);
    if (row->sentence) {
        assert_int_equal(code, MLG_DATA);
        assert_int_equal(error.code, MLG_DATA);
        assert_string_equal(error.place.file, "results.json");
        assert_int_equal(results.gate_count, 0);
        if (!strstr(error.text, row->sentence))
            fail_msg("'%s' is not in '%s'", row->sentence, error.text);
    } else if (code != MLG_OK) {
        fail_msg("%s", error.text);
    }
    free(document);
    mlg_builder_free(&text);
    mlg_arena_free(&arena);
}

struct text_row {
    const char *name;
    const char *text;
    const char *sentence;
    unsigned long line;
};

static const struct text_row texts[] = {
    {"an empty file is no JSON", "", "this is not JSON", 1},
    {"a text is no JSON document", "accuracy", "this is not JSON", 1},
    {"the line of a mistake is told", "{\n  \"schema\": \"mlgate-results/1\",\n  x\n}", "this is not JSON",
     3},
    {"an array is no results", "[]", "the document is not an object", 0},
    {"an empty object lacks its schema", "{}", "member 'schema' is missing", 0},
    {"two documents are refused", "{} {}", "this is not JSON", 1},
    {"a truncated text is refused", "{\"schema\": \"mlgate-res", "this is not JSON", 1},
};

static void test_text(void **state)
{
    const struct text_row *row = *state;
    struct mlg_results results;
    struct mlg_error error = {0};
    struct mlg_arena arena;
    mlg_arena_init(&arena, 0);
    assert_int_equal(mlg_results_read("results.json", row->text, strlen(row->text), &arena, &results, &error),
                     MLG_DATA);
    if (!strstr(error.text, row->sentence))
        fail_msg("'%s' is not in '%s'", row->sentence, error.text);
    assert_int_equal(error.place.line, row->line);
    mlg_arena_free(&arena);
}

static void test_no_prefix_of_a_document_is_one(void **state)
{
    struct mlg_builder text;
    struct mlg_results results;
    struct mlg_error error;
    struct mlg_arena arena;
    (void)state;
    write_fixture(fixture_everything, &text);
    for (size_t size = 0; size + 2 < text.size; size += 13) {
        mlg_arena_init(&arena, 0);
        assert_int_equal(mlg_results_read(NULL, text.data, size, &arena, &results, &error), MLG_DATA);
        mlg_arena_free(&arena);
    }
    mlg_builder_free(&text);
}

static void assert_beyond_limits(const char *bytes, size_t size, const char *sentence)
{
    struct mlg_results results;
    struct mlg_error error = {0};
    struct mlg_arena arena;
    mlg_arena_init(&arena, 0);
    assert_int_equal(mlg_results_read("results.json", bytes, size, &arena, &results, &error), MLG_LIMIT);
    if (!strstr(error.text, sentence))
        fail_msg("'%s' is not in '%s'", sentence, error.text);
    mlg_arena_free(&arena);
}

static void test_nesting_has_a_limit(void **state)
{
    char text[200];
    (void)state;
    memset(text, '[', sizeof text);
    assert_beyond_limits(text, sizeof text, "more than 32 levels of nesting");
}

static void test_the_number_of_containers_has_a_limit(void **state)
{
    size_t size = 3 * 1000010 + 1;
    char *text = malloc(size);
    (void)state;
    assert_non_null(text);
    text[0] = '[';
    for (size_t i = 1; i < size; i += 3)
        memcpy(text + i, "[],", 3);
    assert_beyond_limits(text, size, "more than 1000000 objects and arrays");
    free(text);
}

static void test_the_size_has_a_limit(void **state)
{
    (void)state;
    assert_beyond_limits("", (size_t)MLG_BUILDER_LID + 1, "more than the 67108864 that results may have");
}

static void test_memory_that_runs_out_is_told(void **state)
{
    struct mlg_builder text;
    struct mlg_results results;
    struct mlg_error error = {0};
    struct mlg_arena arena;
    (void)state;
    write_fixture(fixture_everything, &text);
    for (size_t maximum = 1; maximum < 3000; maximum += 97) {
        mlg_arena_init(&arena, maximum);
        assert_int_equal(mlg_results_read("r", text.data, text.size, &arena, &results, &error), MLG_LIMIT);
        mlg_arena_free(&arena);
    }
    mlg_builder_free(&text);
}

/* ---- the table of reports -------------------------------------------------------------------------- */

static void test_reports_are_found_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; mlg_reports[i]; i++) {
        assert_ptr_equal(mlg_report_find(mlg_reports[i]->name), mlg_reports[i]);
        assert_true(strlen(mlg_reports[i]->about) > 10);
        assert_non_null(mlg_reports[i]->write);
    }
    assert_non_null(mlg_report_find("console"));
    assert_non_null(mlg_report_find("json"));
    assert_non_null(mlg_report_find("junit"));
    assert_null(mlg_report_find("JSON"));
    assert_null(mlg_report_find(""));
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(test_no_gates_at_all_are_an_error),
        cmocka_unit_test(test_written_as_documented),
        cmocka_unit_test(test_only_json_numbers_are_written),
        cmocka_unit_test(test_hostile_texts_stay_texts_in_json),
        cmocka_unit_test(test_a_lid_that_is_reached_is_told),
        cmocka_unit_test(test_no_prefix_of_a_document_is_one),
        cmocka_unit_test(test_nesting_has_a_limit),
        cmocka_unit_test(test_the_number_of_containers_has_a_limit),
        cmocka_unit_test(test_the_size_has_a_limit),
        cmocka_unit_test(test_memory_that_runs_out_is_told),
        cmocka_unit_test(test_reports_are_found_by_name),
    };
    struct CMUnitTest tests[COUNT(conclusions) + COUNT(round_trips) + COUNT(same_reports) + COUNT(mistakes) +
                            COUNT(texts) + COUNT(others)];
    size_t count = 0;
    NAMED_ROWS(tests, count, conclusions, test_conclusion);
    NAMED_ROWS(tests, count, round_trips, test_round_trip);
    NAMED_ROWS(tests, count, same_reports, test_reports_from_read_results);
    NAMED_ROWS(tests, count, mistakes, test_mistake);
    NAMED_ROWS(tests, count, texts, test_text);
    for (size_t i = 0; i < COUNT(others); i++)
        tests[count++] = others[i];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
