/* Folds of a cross-validation: what they cannot tell, and that they are compared as groups are. The numbers
 * of scikit-learn and scipy are in test_overfit_oracles.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlgate/overfit.h"
#include "named_rows.h"
#include "suite_run.h"

#define DIRECTORY MLG_SOURCE_DIR "/tests/oracles"

/* ---- what cannot be told --------------------------------------------------------------------------- */

static const char fair_train[] = "y,p,f\n1,1,a\n0,0,a\n1,1,b\n0,0,b\n1,1,c\n0,1,c\n";
static const char fair_test[] = "y,p,f\n1,1,a\n0,1,a\n1,1,b\n0,0,b\n1,0,c\n0,1,c\n";

static const struct reason_row {
    const char *name, *check, *train, *test;
    bool has_value;
    const char *reason;
} reason_rows[] = {
    {"one fold is no cross-validation", "fold_gap(accuracy)", fair_train, "y,p,f\n1,1,a\n0,1,a\n1,0,a\n",
     false, "the column 'f' of 'test' has one fold; cross-validation has two or more"},
    {"one fold of train is none either", "fold_gap(accuracy)", "y,p,f\n1,1,a\n0,0,a\n", fair_test, false,
     "the column 'f' of 'train' has one fold"},
    {"one fold has no spread", "fold_spread(accuracy)", fair_train, "y,p,f\n1,1,a\n0,1,a\n1,0,a\n", false,
     "has one fold"},
    {"one fold is not the worst", "fold_worst(accuracy)", fair_train, "y,p,f\n1,1,a\n0,1,a\n1,0,a\n", false,
     "has one fold"},
    {"a fold that train lacks", "fold_gap(accuracy)", "y,p,f\n1,1,a\n0,0,a\n1,1,b\n0,0,b\n", fair_test, false,
     "'train' has no rows of fold c"},
    {"a fold that the held-out rows lack", "fold_gap(accuracy)", fair_train,
     "y,p,f\n1,1,a\n0,1,a\n1,1,b\n0,0,b\n", false, "'test' has no rows of fold c"},
    {"a row without a fold", "fold_spread(accuracy)", fair_train, "y,p,f\n1,1,a\n0,1,a\n1,1,b\n0,0,\n", false,
     "1 row of 'test' has no fold in the column 'f'"},
    {"a fold without positive predictions", "fold_gap(precision)", fair_train,
     "y,p,f\n1,1,a\n0,1,a\n1,0,b\n0,0,b\n1,0,c\n0,1,c\n", false, "precision of fold b (held-out): "},
    {"a train fold without positive predictions", "fold_gap(precision)",
     "y,p,f\n1,1,a\n0,0,a\n1,0,b\n0,0,b\n1,1,c\n0,1,c\n", "y,p,f\n1,1,a\n0,1,a\n1,1,b\n0,0,b\n1,0,c\n0,1,c\n",
     false, "precision of fold b (train): "},
    {"two rows hardly tell the spread that r2 divides by", "fold_gap(r2)",
     "y,p,f\n1,1,a\n0,0,a\n1,1,b\n0,1,b\n1,1,b\n", "y,p,f\n1,1,a\n0,1,a\n1,1,b\n0,0,b\n", true,
     "a fold of 2 rows hardly tells; judge mse, or take folds of 10 rows or more"},
    {"folds of one gap say nothing of their spread", "fold_gap(accuracy)", fair_train,
     "y,p,f\n1,1,a\n0,1,a\n1,1,b\n0,1,b\n1,0,c\n0,1,c\n", true, "all folds have the same gap"},
};

static const struct mlg_check_result *judge(struct suite_run *run, const char *train, const char *test,
                                            const char *check)
{
    struct mlg_builder yaml;
    mlg_builder_init(&yaml, 0);
    mlg_put_format(&yaml,
                   "version: 1\ndata:\n"
                   "  train: {path: train.csv, label: y, prediction: p, positive: 1, fold: f}\n"
                   "  test: {path: test.csv, label: y, prediction: p, positive: 1, fold: f}\n"
                   "gates: [{gate: overfit, data: test, train: train, checks: ['%s']}]\n",
                   check);
    assert_false(yaml.failed);
    suite_run_begin(run);
    world_memory_text(&run->world, "train.csv", train);
    world_memory_text(&run->world, "test.csv", test);
    suite_run_judge(run, yaml.data);
    mlg_builder_free(&yaml);
    const struct mlg_gate_result *gate = &run->results.gates[0];
    if (gate->error)
        fail_msg("%s", gate->error);
    return gate->check_count ? &gate->checks[0] : &gate->reported[0];
}

static void the_reason_is_told(void **state)
{
    const struct reason_row *row = *state;
    struct suite_run run;
    const struct mlg_check_result *found = judge(&run, row->train, row->test, row->check);
    assert_int_equal(found->estimate.known, row->has_value);
    assert_false(found->lower.known || found->upper.known);
    if (!found->reason || !strstr(found->reason, row->reason))
        fail_msg("the reason is '%s', without '%s'", found->reason ? found->reason : "", row->reason);
    suite_run_end(&run);
}

static void counts_are_not_compared_between_folds(void **state)
{
    (void)state;
    const struct mlg_data data = {
        .name = "test", .path = "t.csv", .label = "y", .prediction = "p", .fold = "f"};
    struct mlg_arena arena;
    struct mlg_check check;
    struct mlg_call call;
    struct mlg_error error = {0};
    void *kernel_state;
    mlg_arena_init(&arena, 0);
    assert_int_equal(mlg_check_parse("fold_spread(rows)", 17, &arena, &check, &error), MLG_OK);
    assert_int_equal(mlg_overfit_resolve(&check, &arena, &call, &error), MLG_OK);
    struct mlg_overfit_planning planning = {
        .held_out = mlg_plan_of_keys(&data, 2, &arena), .held_out_data = &data, .arena = &arena};
    assert_int_equal(mlg_overfit_kernel_of(&call)->plan(&call, &planning, &kernel_state, &error), MLG_CONFIG);
    assert_string_equal(error.text, "'rows' is not compared between folds; a rate, a score or an error is");
    mlg_arena_free(&arena);
}

static void what_has_no_interval_passes_no_limit(void **state)
{
    (void)state;
    struct suite_run run;
    const struct mlg_check_result *found = judge(
        &run, fair_train, "y,p,f\n1,1,a\n0,1,a\n1,1,b\n0,1,b\n1,0,c\n0,1,c\n", "fold_gap(accuracy) <= 0.9");
    assert_int_equal(found->verdict, MLG_INCONCLUSIVE);
    suite_run_end(&run);
}

static void the_worst_fold_is_named(void **state)
{
    (void)state;
    struct suite_run run;
    const struct mlg_check_result *found = judge(&run, fair_train, fair_test, "fold_worst(accuracy) >= 0.9");
    assert_true(found->estimate.value == 0);
    assert_int_equal(found->part_count, 2);
    assert_string_equal(found->parts[0].name, "worst");
    assert_true(found->parts[1].value.value == 1);
    assert_true(found->note_count > 0);
    assert_non_null(strstr(found->notes[0], "of 3 folds the worst is f=c and the best f=b"));
    assert_true(!found->advice || strstr(found->advice, "look at the rows of f=c"));
    suite_run_end(&run);
}

/* 100 rows of each fold, of which the model has `first` and `second` right. */
static const char *advice_of(struct suite_run *run, int first, int second)
{
    static char test[4096];
    size_t used = (size_t)snprintf(test, sizeof test, "y,p,f\n");
    for (int i = 0; i < 200; i++)
        used += (size_t)snprintf(test + used, sizeof test - used, "%d,%d,%s\n", i % 2,
                                 i / 2 % 100 < (i < 100 ? first / 2 : second / 2 + 50) ? i % 2 : 1 - i % 2,
                                 i < 100 ? "a" : "b");
    const struct mlg_check_result *found = judge(run, fair_train, test, "fold_worst(accuracy) >= 0.9");
    assert_int_equal(found->verdict, MLG_FAIL);
    assert_non_null(found->advice);
    return found->advice;
}

static void where_all_folds_are_bad_it_is_the_model(void **state)
{
    struct suite_run run;
    (void)state;
    assert_non_null(strstr(advice_of(&run, 100, 50), "look at the rows of f=b"));
    suite_run_end(&run);
    assert_non_null(strstr(advice_of(&run, 60, 50), "even the best fold misses the limit"));
    suite_run_end(&run);
}

static void more_folds_may_decide(void **state)
{
    struct suite_run run;
    (void)state;
    const struct mlg_check_result *found = judge(&run, fair_train, fair_test, "fold_gap(accuracy) <= 0.1");
    assert_int_equal(found->verdict, MLG_INCONCLUSIVE);
    assert_string_equal(found->reason,
                        "cannot tell; more folds may decide, or more rows in each, and how many "
                        "cannot be told beforehand");
    suite_run_end(&run);
}

/* ---- folds are groups -------------------------------------------------------------------------------- */

static const struct alike_row {
    const char *name, *task, *roles, *metric, *arguments, *worst;
} alike_rows[] = {
    {"shares of counts", "binary", "", "accuracy", "", "min"},
    {"a loss of counts", "binary", "", "zero_one_loss", "", "max"},
    {"f1", "binary", "", "f1", "", "min"},
    {"an area", "binary", "", "roc_auc", "", "min"},
    {"a mean of losses", "binary", "", "log_loss", "", "max"},
    {"a mean of errors", "numbers", "", "mae", "", "max"},
    {"a root", "numbers", "", "rmse", "", "max"},
    {"a share of variance", "numbers", "", "r2", "", "min"},
    {"weighted shares", "binary", ", weight: weight", "accuracy", "", "min"},
    {"weighted errors", "numbers", ", weight: weight", "mae", "", "max"},
    {"shares with clusters in several folds", "binary", ", cluster: cluster", "accuracy", "", "min"},
    {"an area with clusters in several folds", "binary", ", cluster: cluster", "roc_auc", "", "min"},
    {"errors with weights and clusters", "numbers", ", weight: weight, cluster: cluster", "mae", "", "max"},
    {"arguments reach METRIC", "binary", "", "fbeta", "beta=2", "min"},
};

static void assert_same(const struct suite_run *run, const char *fold, const char *group)
{
    const struct mlg_check_result *ours = suite_run_find(run, fold), *theirs = suite_run_find(run, group);
    if (!ours || !theirs)
        fail_msg("%s or %s was not measured", fold, group);
    if (!ours->estimate.known)
        fail_msg("%s: %s", fold, ours->reason);
    assert_true(ours->estimate.value == theirs->estimate.value);
    assert_true(ours->lower.known && ours->lower.value == theirs->lower.value);
    assert_true(ours->upper.known && ours->upper.value == theirs->upper.value);
    assert_string_equal(ours->method, theirs->method);
}

static void folds_are_compared_as_groups(void **state)
{
    const struct alike_row *row = *state;
    char path[4096], file[64], spread[96], worst[96], difference[96], extreme[96];
    const char *comma = *row->arguments ? ", " : "";
    struct suite_run run;
    struct mlg_builder yaml;
    snprintf(file, sizeof file, "gap_%s_held_out.csv", row->task);
    snprintf(path, sizeof path, "%s/%s", DIRECTORY, file);
    snprintf(spread, sizeof spread, "fold_spread(%s%s%s)", row->metric, comma, row->arguments);
    snprintf(worst, sizeof worst, "fold_worst(%s%s%s)", row->metric, comma, row->arguments);
    snprintf(difference, sizeof difference, "%s_difference(fold%s%s)", row->metric, comma, row->arguments);
    snprintf(extreme, sizeof extreme, "%s_group_%s(fold%s%s)", row->metric, row->worst, comma,
             row->arguments);
    mlg_builder_init(&yaml, 0);
    mlg_put_format(
        &yaml,
        "version: 1\ndata: {test: {path: t.csv, label: label, prediction: prediction, fold: fold%s%s}}\n"
        "gates:\n  - {gate: overfit, checks: ['%s', '%s']}\n"
        "  - {gate: fairness, attributes: [fold], checks: ['%s', '%s']}\n",
        strcmp(row->task, "binary") == 0 ? ", score: score" : "", row->roles, spread, worst, difference,
        extreme);
    assert_false(yaml.failed);
    suite_run_begin(&run);
    assert_true(world_memory_load(&run.world, "t.csv", path));
    suite_run_judge(&run, yaml.data);
    assert_same(&run, spread, difference);
    assert_same(&run, worst, extreme);
    mlg_builder_free(&yaml);
    suite_run_end(&run);
}

/* ---- intervals that may be asked for ------------------------------------------------------------------ */

static const struct takes_row {
    const char *name, *check;
    int method;
    bool takes;
} takes_rows[] = {
    {"the mean gap has Student's t", "fold_gap(accuracy)", MLG_METHOD_T, true},
    {"the mean gap has nothing of a share's", "fold_gap(accuracy)", MLG_METHOD_WILSON, false},
    {"a spread of shares has Newcombe's", "fold_spread(accuracy)", MLG_METHOD_NEWCOMBE, true},
    {"a spread of errors has not", "fold_spread(mae)", MLG_METHOD_NEWCOMBE, false},
    {"a spread of errors has METRIC's own", "fold_spread(mae)", MLG_METHOD_T, true},
    {"the worst share has Wilson's", "fold_worst(accuracy)", MLG_METHOD_WILSON, true},
    {"the worst error has not", "fold_worst(mae)", MLG_METHOD_WILSON, false},
    {"a gap of shares has Jeffreys'", "gap(accuracy)", MLG_METHOD_JEFFREYS, true},
};

static void the_interval_is_taken_or_refused(void **state)
{
    const struct takes_row *row = *state;
    struct mlg_arena arena;
    struct mlg_check check;
    struct mlg_call call;
    struct mlg_error error = {0};
    mlg_arena_init(&arena, 0);
    assert_int_equal(mlg_check_parse(row->check, strlen(row->check), &arena, &check, &error), MLG_OK);
    assert_int_equal(mlg_overfit_resolve(&check, &arena, &call, &error), MLG_OK);
    assert_int_equal(mlg_overfit_takes(&call, row->method), row->takes);
    mlg_arena_free(&arena);
}

int main(void)
{
    static const struct CMUnitTest plain[] = {
        cmocka_unit_test(counts_are_not_compared_between_folds),
        cmocka_unit_test(what_has_no_interval_passes_no_limit),
        cmocka_unit_test(the_worst_fold_is_named),
        cmocka_unit_test(where_all_folds_are_bad_it_is_the_model),
        cmocka_unit_test(more_folds_may_decide),
    };
    static struct CMUnitTest tests[COUNT(reason_rows) + COUNT(alike_rows) + COUNT(takes_rows) + COUNT(plain)];
    size_t count = 0;
    NAMED_ROWS(tests, count, reason_rows, the_reason_is_told);
    NAMED_ROWS(tests, count, alike_rows, folds_are_compared_as_groups);
    NAMED_ROWS(tests, count, takes_rows, the_interval_is_taken_or_refused);
    memcpy(tests + count, plain, sizeof plain);
    return _cmocka_run_group_tests("folds", tests, count + COUNT(plain), NULL, NULL);
}
