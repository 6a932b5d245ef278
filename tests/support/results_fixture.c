#include "results_fixture.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void fixture_init(struct fixture *fixture)
{
    memset(fixture, 0, sizeof *fixture);
    mlg_arena_init(&fixture->arena, 0);
    fixture->results.version = "0.1.0";
    fixture->results.config_path = "mlgate.yaml";
    fixture->results.config_sha256 = "9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab";
    fixture->results.seed = 1;
    fixture->results.run.started = "2026-11-23T10:00:00Z";
    fixture->results.run.seconds = 0.0123;
    fixture->results.run.threads = 2;
    fixture->results.run.host = "runner-7";
    fixture->results.run.command = "mlgate run --config mlgate.yaml";
}

void fixture_free(struct fixture *fixture)
{
    mlg_arena_free(&fixture->arena);
}

/* An array with room for one more: tests are small, so it is copied each time it has doubled. */
static void *grown(struct fixture *fixture, void *items, size_t count, size_t size)
{
    if (count & (count - 1) || (count == 0 && items))
        return items;
    void *larger = mlg_arena_alloc(&fixture->arena, count ? 2 * count : 1, size);
    assert_non_null(larger);
    if (count)
        memcpy(larger, items, count * size);
    return larger;
}

struct mlg_gate_result *fixture_gate(struct fixture *fixture, const char *name, const char *title)
{
    struct mlg_results *results = &fixture->results;
    results->gates = grown(fixture, results->gates, results->gate_count, sizeof *results->gates);
    struct mlg_gate_result *gate = &results->gates[results->gate_count++];
    *gate = (struct mlg_gate_result){.gate = name, .name = name, .data = "test", .title = title};
    return gate;
}

static struct mlg_optional known(double value)
{
    return isnan(value) ? (struct mlg_optional){false, 0} : (struct mlg_optional){true, value};
}

/* "roc_auc >= 0.85" into its parts. */
static void split(struct fixture *fixture, struct mlg_check_result *check, const char *text)
{
    size_t size = strcspn(text, " (");
    static const char *const comparators[] = {">=", "<=", ">", "<"};
    const char *mark = strpbrk(text, "<>");
    check->check = text;
    check->quantity = mlg_arena_copy(&fixture->arena, text, size);
    for (size_t i = 0; mark && !check->comparator && i < 4; i++)
        if (strncmp(mark, comparators[i], strlen(comparators[i])) == 0) {
            check->comparator = comparators[i];
            check->limit = known(strtod(mark + strlen(comparators[i]), NULL));
        }
}

struct mlg_check_result *fixture_check(struct fixture *fixture, struct mlg_gate_result *gate,
                                       const char *text, enum mlg_verdict verdict, double estimate,
                                       double lower, double upper)
{
    gate->checks = grown(fixture, gate->checks, gate->check_count, sizeof *gate->checks);
    struct mlg_check_result *check = &gate->checks[gate->check_count++];
    memset(check, 0, sizeof *check);
    split(fixture, check, text);
    check->id = mlg_arena_format(&fixture->arena, "%s / %s", gate->name, text);
    check->estimate = known(estimate);
    check->lower = known(lower);
    check->upper = known(upper);
    check->confidence = 0.95;
    check->method = "delta";
    check->n = check->rows = 2613;
    check->verdict = check->underlying = verdict;
    check->enforce = check->blocks = true;
    check->decided_by = "interval";
    check->file = "mlgate.yaml";
    check->line = 7;
    return check;
}

struct mlg_check_result *fixture_reported(struct fixture *fixture, struct mlg_gate_result *gate,
                                          const char *quantity, double estimate)
{
    gate->reported = grown(fixture, gate->reported, gate->reported_count, sizeof *gate->reported);
    struct mlg_check_result *check = &gate->reported[gate->reported_count++];
    memset(check, 0, sizeof *check);
    check->id = mlg_arena_format(&fixture->arena, "%s / %s", gate->name, quantity);
    check->check = check->quantity = quantity;
    check->estimate = known(estimate);
    check->confidence = 0.95;
    check->n = check->rows = 2613;
    check->verdict = check->underlying = MLG_NOT_APPLICABLE;
    check->enforce = true;
    return check;
}

static void add_pair(struct fixture *fixture, struct mlg_pair **pairs, size_t *count, const char *key,
                     const char *value)
{
    *pairs = grown(fixture, *pairs, *count, sizeof **pairs);
    (*pairs)[(*count)++] = (struct mlg_pair){key, value};
}

void fixture_slice(struct fixture *fixture, struct mlg_check_result *check, const char *key,
                   const char *value)
{
    add_pair(fixture, &check->slice, &check->slice_count, key, value);
    check->id = mlg_arena_format(&fixture->arena, "%s%s%s=%s", check->id,
                                 check->slice_count > 1 ? ", " : " / ", key, value ? value : "(missing)");
}

void fixture_argument(struct fixture *fixture, struct mlg_check_result *check, const char *key,
                      const char *value)
{
    add_pair(fixture, &check->arguments, &check->argument_count, key, value);
}

struct mlg_group_result *fixture_group(struct fixture *fixture, struct mlg_check_result *check,
                                       const char *key, const char *value, double count, double of)
{
    check->groups = grown(fixture, check->groups, check->group_count, sizeof *check->groups);
    struct mlg_group_result *group = &check->groups[check->group_count++];
    *group = (struct mlg_group_result){.n = (uint64_t)of};
    add_pair(fixture, &group->group, &group->group_count, key, value);
    if (!isnan(count)) {
        group->estimate = known(count / of);
        group->lower = known(count / of - 0.025);
        group->upper = known(count / of + 0.025);
        group->count = known(count);
        group->of = known(of);
    }
    return group;
}

static void add_text(struct fixture *fixture, const char ***texts, size_t *count, const char *text)
{
    *texts = grown(fixture, *texts, *count, sizeof **texts);
    (*texts)[(*count)++] = text;
}

void fixture_note(struct fixture *fixture, struct mlg_check_result *check, const char *note)
{
    add_text(fixture, &check->notes, &check->note_count, note);
}

void fixture_warning(struct fixture *fixture, const char *warning)
{
    add_text(fixture, &fixture->results.warnings, &fixture->results.warning_count, warning);
}

void fixture_error(struct fixture *fixture, const char *error)
{
    add_text(fixture, &fixture->results.errors, &fixture->results.error_count, error);
}

static struct mlg_input_result *add_input(struct fixture *fixture, const char *name, const char *path)
{
    struct mlg_results *results = &fixture->results;
    results->inputs = grown(fixture, results->inputs, results->input_count, sizeof *results->inputs);
    struct mlg_input_result *input = &results->inputs[results->input_count++];
    *input =
        (struct mlg_input_result){.name = name, .path = path, .format = "csv", .rows = 2613, .bytes = 90210};
    input->sha256 = "3f2a9c81d0e4b6f0c1d2e3f405162738495a6b7c8d9e0f102132435465768798";
    return input;
}

static void set_outside(struct fixture *fixture, const char *first, const char *second, const char *value)
{
    struct mlg_results *results = &fixture->results;
    results->outside = MLG_NEW_ARRAY(&fixture->arena, struct mlg_pair, 2);
    results->left_out = MLG_NEW_ARRAY(&fixture->arena, const char *, 2);
    assert_true(results->outside && results->left_out);
    results->outside[results->outside_count++] = (struct mlg_pair){first, "point"};
    results->outside[results->outside_count++] = (struct mlg_pair){second, value};
    results->left_out[results->left_out_count++] = "drift";
    results->left_out[results->left_out_count++] = first;
}

void fixture_example(struct fixture *fixture)
{
    fixture_init(fixture);
    add_input(fixture, "test", "predictions/test.csv.gz");
    struct mlg_gate_result *gate = fixture_gate(fixture, "accuracy", "accuracy on test (2,613 rows)");
    struct mlg_check_result *check =
        fixture_check(fixture, gate, "balanced_accuracy >= 0.55", MLG_PASS, 0.61234, 0.59012, 0.6341);
    check = fixture_check(fixture, gate, "roc_auc >= 0.68", MLG_INCONCLUSIVE, 0.6671, 0.6449, 0.6893);
    check->method = "delong";
    check->rows_needed = known(8931);
    check = fixture_check(fixture, gate, "brier <= 0.145", MLG_FAIL, 0.15712, 0.1481, 0.16603);
    check->method = "t";
    check->reason = "the whole interval is above the limit";
    gate = fixture_gate(fixture, "overfit", "overfit: train against test");
    check = fixture_check(fixture, gate, "gap(accuracy) <= 0.05", MLG_FAIL, 0.2, 0.18, 0.22);
    fixture_argument(fixture, check, "", "accuracy");
    check->reason = "train 0.850, test 0.650";
    mlg_results_conclude(&fixture->results);
}

void fixture_everything(struct fixture *fixture)
{
    fixture_init(fixture);
    add_input(fixture, "train", "predictions/train.csv")->rows = 1234567;
    struct mlg_input_result *input = add_input(fixture, "test", "predictions/test.csv.gz");
    input->dropped = 12;
    input->positive = "yes";
    set_outside(fixture, "MLGATE_DECIDE", "--confidence", "0.99");
    struct mlg_gate_result *gate = fixture_gate(fixture, "accuracy", "accuracy on test (2,613 rows)");
    gate->file = "mlgate.yaml";
    gate->line = 5;
    static struct mlg_pair arguments[] = {{"average", "macro"}};
    static struct mlg_noise_floor floors[] = {{.metric = "f1",
                                               .arguments = arguments,
                                               .argument_count = 1,
                                               .file = "predictions.csv",
                                               .over = "seeds",
                                               .runs = 5,
                                               .mean = 0.93994,
                                               .sd = 0.0055,
                                               .spread = 0.0139,
                                               .rows = 719,
                                               .sampling_error = {true, 0.018}},
                                              {.metric = "max_error",
                                               .file = "p.csv",
                                               .column = "sex",
                                               .group = "sex=Female",
                                               .over = "runs",
                                               .runs = 2,
                                               .mean = 3,
                                               .rows = 9}};
    gate->noise_floor = floors;
    gate->noise_floor_count = 2;
    gate->isolation = "network and processes (no time)";
    gate->seconds = 2.5;
    struct mlg_check_result *check =
        fixture_check(fixture, gate, "accuracy >= 0.8", MLG_PASS, 0.851234567, 0.84, 0.86);
    check->constant = known(0.829);
    check->limit_is_vacuous = true;
    fixture_note(fixture, check, "the limit is also met by always answering 'no' (0.829)");
    check = fixture_check(fixture, gate, "accuracy >= 0.8", MLG_FAIL, 0.7996, 0.79, 0.79999);
    fixture_slice(fixture, check, "sex", "Male");
    fixture_slice(fixture, check, "race", NULL);
    check->n = check->rows = 431;
    static const char *differing[] = {"/epochs/*/seconds", "optimizer/state/0/step"};
    check->differing = differing;
    check->differing_count = 2;
    check->differing_of = known(104);
    check->reason = "the whole interval is below the limit";
    check->because = "agreed with the clinical board on 2026-03-01";
    check->constant = known(0.75);
    check = fixture_check(fixture, gate, "accuracy >= 0.8", MLG_INCONCLUSIVE, 0.81, 0.7, 0.9);
    fixture_slice(fixture, check, "age", "< 25");
    check->n = 40;
    check->rows = 60;
    check->blocks = false;
    check->warns_only = true;
    check->reason = "only 40 of 60 rows count; min_rows asks for 50";
    check = fixture_check(fixture, gate, "f1(average=macro) >= 0.7", MLG_VERDICT_ERROR, NAN, NAN, NAN);
    fixture_argument(fixture, check, "average", "macro");
    check->reason = "column 'lable' not found in 'test.csv'; did you mean 'label'?";
    check->method = NULL;
    check = fixture_check(fixture, gate, "mcc >= 0.4", MLG_WAIVED, 0.31, 0.3, 0.32);
    check->underlying = MLG_FAIL;
    check->reason = "the whole interval is below the limit";
    check->waiver_owner = "ml-platform";
    check->waiver_expires = "2027-01-31";
    check->waiver_reason = "new labels arrive in January";
    check = fixture_check(fixture, gate, "roc_auc >= 0.8", MLG_NOT_APPLICABLE, NAN, NAN, NAN);
    check->reason = "the model gives classes only, no scores";
    check = fixture_check(fixture, gate, "recall >= 60%", MLG_FAIL, 0.42, 0.4, 0.44);
    check->limit = known(0.6);
    check->enforce = check->blocks = false;
    check->reason = "the whole interval is below the limit";
    check->decided_by = "point";
    check->average = "macro";
    check = fixture_check(fixture, gate, "rows >= 1000", MLG_PASS, 2613, 2613, 2613);
    check->method = check->decided_by = "exact";
    check = fixture_check(fixture, gate, "specificity >= 0.5", MLG_PASS, 0.7, 0.6, 0.75);
    check->confidence = 0.99;
    for (size_t i = 0; i < 2; i++) {
        struct mlg_group_result *group =
            fixture_group(fixture, check, "sex", i ? "Female" : "Male", 910 + (double)i, 1300);
        group->n = 1300 + i;
        group->estimate = known(0.7);
        group->lower = known(i ? NAN : 0.65);
        group->upper = known(NAN);
        group->positives = known(1300);
        group->disparity = known(i ? NAN : 1);
        group->note = i ? "left out: \"few\" rows" : NULL;
    }
    check->group_quantity = "specificity";
    check->group_against = "best";
    check->other_groups = check->groups;
    check->other_group_count = 1;
    check->other_group_quantity = "fpr";
    check->other_group_against = "sex=\"Male\"";
    check = fixture_reported(fixture, gate, "log_loss", 0.4123);
    check->lower = known(0.40);
    check->upper = known(0.42);
    check->method = "t";
    gate = fixture_gate(fixture, "second", "second on missing");
    gate->error = "cannot open 'missing.csv': no such file";
    gate->file = "mlgate.yaml";
    gate->line = 31;
    fixture_warning(fixture, "12 of 2625 rows of 'predictions/test.csv.gz' were dropped for a missing value");
    mlg_results_conclude(&fixture->results);
}

/* Groups of one attribute, each with so many selected of 1,000; the disparity is the ratio to the last one.
 */
static void add_groups(struct fixture *fixture, struct mlg_check_result *check, const double *selected,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct mlg_group_result *group = fixture_group(
            fixture, check, "town", mlg_arena_format(&fixture->arena, "T%zu", i), selected[i], 1000);
        group->positives = known(500 + (double)i);
        group->disparity = known(selected[i] / selected[count - 1]);
    }
    check->group_quantity = "selection_rate";
}

void fixture_groups(struct fixture *fixture)
{
    static const double three[] = {399.9, 420, 500};
    double many[40];
    fixture_init(fixture);
    add_input(fixture, "test", "predictions/test.csv.gz");
    struct mlg_gate_result *gate = fixture_gate(fixture, "fairness", "fairness on test (2,613 rows)");
    struct mlg_check_result *check =
        fixture_check(fixture, gate, "selection_rate_ratio >= 0.8", MLG_FAIL, 0.7998, 0.75, 0.7999);
    fixture_argument(fixture, check, "attribute", "town");
    fixture_slice(fixture, check, "region", "North");
    check->reason = "the whole interval is below the limit: town=T0 0.400 (399.9 of 1000) against town=T2 "
                    "0.500 (500 of 1000)";
    add_groups(fixture, check, three, 3);
    fixture_group(fixture, check, "town", NULL, NAN, 7)->note = "left out: towns are not always asked for";
    fixture_note(fixture, check, "1 more selection in town=T0 would bring the estimate to the limit");

    check =
        fixture_check(fixture, gate, "selection_rate_ratio(town) >= 0.9", MLG_INCONCLUSIVE, 0.9, 0.8, 0.95);
    fixture_argument(fixture, check, "attribute", "town");
    for (size_t i = 0; i < 40; i++)
        many[i] = 450 + (double)i;
    add_groups(fixture, check, many, 40);

    check = fixture_check(fixture, gate, "mae_difference(attribute=\"town\", method=to_overall) <= 3",
                          MLG_WAIVED, 4, 3.5, 5);
    fixture_argument(fixture, check, "attribute", "town");
    fixture_argument(fixture, check, "method", "to_overall");
    check->underlying = MLG_FAIL;
    check->waiver_owner = "ml-platform";
    check->waiver_expires = "2027-01-31";
    check->waiver_reason = "new sensors";
    check->group_quantity = "mae";
    for (int i = 0; i < 2; i++) {
        struct mlg_group_result *group =
            fixture_group(fixture, check, "town", i ? "T1, b=" : "T0", NAN, 1200 + i);
        group->estimate = known(i ? 0.0012 : 4.0012);
        group->disparity = known(i ? 0 : 4);
    }

    check = fixture_check(fixture, gate, "tpr_difference <= 0.1", MLG_VERDICT_ERROR, NAN, NAN, NAN);
    fixture_argument(fixture, check, "attribute", "town");
    check->reason = "tpr of town=T0 is undefined: no row is labelled positive";
    check->group_quantity = "tpr";
    struct mlg_group_result *group = fixture_group(fixture, check, "town", "T0", NAN, 30);
    group->note = "undefined: no row is labelled positive";
    group->positives = known(0);
    fixture_group(fixture, check, "town", "T1", 20, 40)->positives = known(40);

    check = fixture_check(fixture, gate, "tnr_difference <= 0.1", MLG_FAIL, 0.3, 0.2, 0.4);
    fixture_argument(fixture, check, "attribute", "town");
    check->group_quantity = "tnr";
    fixture_group(fixture, check, "town", "T1", 20, 40)->positives = known(20);
    fixture_group(fixture, check, "town",
                  "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch on the isle of Anglesey", 30,
                  40);

    check = fixture_check(fixture, gate, "label_kl <= 0.1", MLG_FAIL, 0.3, 0.2, 0.4);
    fixture_argument(fixture, check, "attribute", "town");
    fixture_group(fixture, check, "town", "T0", NAN, 30)->positives = known(10);
    fixture_group(fixture, check, "town", "T1", NAN, 30)->positives = known(20);

    check = fixture_check(fixture, gate, "selection_rate_difference <= 0.3", MLG_PASS, 0.1, 0.05, 0.15);
    fixture_argument(fixture, check, "attribute", "town");
    add_groups(fixture, check, three, 3);
    mlg_results_conclude(&fixture->results);
}

void fixture_hostile(struct fixture *fixture)
{
    static const char evil[] =
        "::error::x\n::set-output name=a::b\x1b[31m]]>\"'<&>\x01\x7f\xff##[error]##vso[x]"
        "\xe2\x80\xae\xc2\x9b\r\n::warning::y";
    static const char command[] = "  ::error file=a::b";
    fixture_init(fixture);
    fixture->results.config_path = evil;
    fixture->results.run.host = fixture->results.run.command = evil;
    fixture->results.run.started = "::error::10:00:00Z";
    struct mlg_input_result *input = add_input(fixture, evil, command);
    input->sha256 = "::error::";
    input->positive = evil;
    set_outside(fixture, evil, command, evil);
    struct mlg_gate_result *gate = fixture_gate(fixture, evil, command);
    gate->error = evil;
    gate->file = evil;
    gate->line = 1;
    static const enum mlg_verdict verdicts[] = {MLG_PASS,          MLG_FAIL,   MLG_INCONCLUSIVE,
                                                MLG_VERDICT_ERROR, MLG_WAIVED, MLG_NOT_APPLICABLE};
    for (size_t i = 0; i < MLG_VERDICT_COUNT; i++) {
        struct mlg_check_result *check = fixture_check(fixture, gate, evil, verdicts[i], 0.5, 0.4, 0.6);
        check->quantity = evil;
        check->comparator = ">=";
        check->limit = check->estimate; /* as near as that, either verdict may be right */
        check->estimate.known = verdicts[i] != MLG_NOT_APPLICABLE;
        check->average = i % 2 ? command : evil;
        check->reason = check->because = check->decided_by = check->method = evil;
        if (verdicts[i] == MLG_WAIVED) {
            check->underlying = MLG_FAIL;
            check->waiver_owner = check->waiver_expires = check->waiver_reason = evil;
        }
        check->file = evil;
        fixture_slice(fixture, check, evil, command);
        fixture_slice(fixture, check, command, evil);
        fixture_argument(fixture, check, evil, evil);
        fixture_note(fixture, check, evil);
        fixture_note(fixture, check, command);
        fixture_argument(fixture, check, "attribute", i % 2 ? evil : command);
        check->group_quantity = i % 2 ? command : evil;
        check->group_against = i % 2 ? evil : command;
        fixture_group(fixture, check, evil, command, 30, 60);
        fixture_group(fixture, check, command, evil, 30, 60)->note = i % 2 ? evil : command;
    }
    fixture_reported(fixture, gate, evil, 0.1);
    fixture_warning(fixture, command);
    fixture_error(fixture, evil);
    fixture_error(fixture, command);
    mlg_results_conclude(&fixture->results);
}

/* ---- golden texts ---------------------------------------------------------------------------------- */

static void print_difference(const char *name, const char *told, const char *golden)
{
    size_t line = 1, start = 0, i = 0;
    for (; told[i] && told[i] == golden[i]; i++)
        if (told[i] == '\n') {
            line++;
            start = i + 1;
        }
    print_error("%s differs from line %zu on:\n  golden: %.*s\n  now:    %.*s\n", name, line,
                (int)strcspn(golden + start, "\n"), golden + start, (int)strcspn(told + start, "\n"),
                told + start);
}

void fixture_assert_file(const char *directory, const char *name, const struct mlg_builder *text)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    assert_false(text->failed);
    if (getenv("MLGATE_UPDATE")) {
        FILE *out = fopen(path, "wb");
        assert_non_null(out);
        assert_int_equal(fwrite(text->data, 1, text->size, out), text->size);
        assert_int_equal(fclose(out), 0);
        return;
    }
    FILE *in = fopen(path, "rb");
    if (!in)
        fail_msg("%s is missing; MLGATE_UPDATE=1 writes it", path);
    char *golden = calloc(1, 1024 * 1024);
    assert_non_null(golden);
    size_t size = fread(golden, 1, 1024 * 1024 - 1, in);
    fclose(in);
    bool same = size == text->size && memcmp(golden, text->data, size) == 0;
    if (!same)
        print_difference(name, text->data, golden);
    free(golden);
    assert_true(same);
}

void fixture_assert_has(const struct mlg_builder *text, const char *part)
{
    assert_false(text->failed);
    if (!strstr(text->data, part))
        fail_msg("'%s' is not in\n%.20000s", part, text->data);
}

void fixture_assert_lacks(const struct mlg_builder *text, const char *part)
{
    assert_false(text->failed);
    if (strstr(text->data, part))
        fail_msg("'%s' is in\n%.20000s", part, text->data);
}
