/* The gap between train and held-out scores: two samples of counts, exact limits, and what has no gap. The
 * numbers of scikit-learn are in test_overfit_oracles.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/contrast.h"
#include "mlgate/overfit.h"
#include "named_rows.h"
#include "suite_run.h"

/* ---- tables of counts --------------------------------------------------------------------------- */

struct counts {
    unsigned right, rows;
};

/* Labels in turn; `name` keeps tables apart that are else the same. */
static char *table_of(const char *name, struct counts counts)
{
    enum { LONGEST_ROW = 64 };
    char *text = malloc((counts.rows + 1) * LONGEST_ROW), *at = text;
    assert_non_null(text);
    at += sprintf(at, "id,y,p\n");
    for (unsigned i = 0; i < counts.rows; i++)
        at += sprintf(at, "%s%u,%u,%u\n", name, i, i % 2, i < counts.right ? i % 2 : 1 - i % 2);
    return text;
}

/* One check of one gate; `keys` are the gate's own. */
static const struct mlg_check_result *judge(struct suite_run *run, const char *train, const char *held_out,
                                            const char *roles, const char *keys, const char *check)
{
    struct mlg_builder yaml;
    mlg_builder_init(&yaml, 0);
    mlg_put_format(&yaml,
                   "version: 1\ndata:\n  train: {path: train.csv, %s}\n  test: {path: test.csv, %s}\n"
                   "gates: [{gate: overfit, data: test, train: train%s%s, checks: ['%s']}]\n",
                   roles, roles, *keys ? ", " : "", keys, check);
    assert_false(yaml.failed);
    suite_run_begin(run);
    world_memory_text(&run->world, "train.csv", train);
    world_memory_text(&run->world, "test.csv", held_out);
    suite_run_judge(run, yaml.data);
    mlg_builder_free(&yaml);
    const struct mlg_gate_result *gate = &run->results.gates[0];
    if (gate->error)
        fail_msg("%s", gate->error);
    return gate->check_count ? &gate->checks[0] : &gate->reported[0];
}

static const struct mlg_check_result *judge_counts(struct suite_run *run, struct counts train,
                                                   struct counts held_out, const char *keys,
                                                   const char *check)
{
    char *one = table_of("a", train), *other = table_of("b", held_out);
    const struct mlg_check_result *found = judge(run, one, other, "label: y, prediction: p", keys, check);
    free(one);
    free(other);
    return found;
}

static void assert_near(double got, double expected)
{
    if (!(fabs(got - expected) <= 1e-12 * fmax(1, fabs(expected))))
        fail_msg("%.17g, expected %.17g, off by %.2g", got, expected, fabs(got - expected));
}

/* ---- two samples -------------------------------------------------------------------------------- */

/* Both bounds of Newcombe's method 10 at 95 % two-sided, ratesci's to 12 digits. */
static const struct newcombe_row {
    const char *name;
    struct counts train, held_out;
    double lower, upper;
} newcombe_rows[] = {
    {"56 of 70 against 48 of 80, Newcombe's a", {56, 70}, {48, 80}, 0.0524314724023649, 0.333872654036906},
    {"6 of 7 against 2 of 7, Newcombe's c", {6, 7}, {2, 7}, 0.0582279274823122, 0.806249637524228},
    {"5 of 56 against 0 of 29, Newcombe's d", {5, 56}, {0, 29}, -0.0381371479035369, 0.192560013855112},
    {"0 of 10 against 0 of 10, Newcombe's f", {0, 10}, {0, 10}, -0.277532799862889, 0.277532799862889},
    {"10 of 10 against 0 of 10, Newcombe's h", {10, 10}, {0, 10}, 0.607509350430524, 1},
    {"7 of 34 against 1 of 34", {7, 34}, {1, 34}, 0.018921443885773, 0.340368687032707},
};

static void wilsons_limits_make_newcombes(void **state)
{
    const struct newcombe_row *row = *state;
    struct suite_run run;
    const struct mlg_check_result *found =
        judge_counts(&run, row->train, row->held_out,
                     "train_is_sample: true, confidence: 0.975, interval: wilson", "gap(accuracy)");
    assert_near(found->lower.value, row->lower);
    assert_near(found->upper.value, row->upper);
    assert_string_equal(found->method, "mover");
    suite_run_end(&run);
}

static const struct sample_row {
    const char *name, *check, *method;
    struct counts train, held_out;
} sample_rows[] = {
    {"a gap of large counts is Newcombe's", "gap(accuracy)", "newcombe", {800, 1000}, {350, 500}},
    {"a relative gap of large counts is Koopman's",
     "relative_gap(accuracy)",
     "koopman",
     {800, 1000},
     {350, 500}},
    {"a gap with 49 errors in train rests on exact limits",
     "gap(accuracy)",
     "mover_clopper_pearson",
     {951, 1000},
     {350, 500}},
    {"a gap with 49 held-out errors rests on exact limits",
     "gap(accuracy)",
     "mover_clopper_pearson",
     {800, 1000},
     {451, 500}},
    {"a relative gap with 3 held-out errors rests on exact limits",
     "relative_gap(accuracy)",
     "mover_clopper_pearson",
     {800, 1000},
     {97, 100}},
};

static void two_samples_of_counts(void **state)
{
    const struct sample_row *row = *state;
    const struct mlg_rate train = {row->train.right, row->train.rows};
    const struct mlg_rate held_out = {row->held_out.right, row->held_out.rows};
    const struct mlg_limits one = mlg_clopper_pearson(train, 0.95),
                            other = mlg_clopper_pearson(held_out, 0.95);
    const bool relative = strncmp(row->check, "relative", 8) == 0;
    struct mlg_limits expected = strcmp(row->method, "newcombe") == 0  ? mlg_newcombe(train, held_out, 0.95)
                                 : strcmp(row->method, "koopman") == 0 ? mlg_koopman(held_out, train, 0.95)
                                 : relative                            ? mlg_mover_ratio(other, one)
                                                                       : mlg_mover_difference(one, other);
    if (relative)
        expected = (struct mlg_limits){1 - expected.value, 1 - expected.upper, 1 - expected.lower};
    struct suite_run run;
    const struct mlg_check_result *found =
        judge_counts(&run, row->train, row->held_out, "train_is_sample: true", row->check);
    assert_string_equal(found->method, row->method);
    assert_near(found->estimate.value, expected.value);
    assert_near(found->lower.value, expected.lower);
    assert_near(found->upper.value, expected.upper);
    suite_run_end(&run);
}

/* ---- one sample ------------------------------------------------------------------------------------ */

/* The held-out score turned over, by exact limits whatever the counts. */
static const struct exact_row {
    const char *name, *keys, *check, *method;
    struct counts held_out;
} exact_rows[] = {
    {"10 errors of 100 have exact limits", "", "gap(accuracy)", "clopper_pearson", {90, 100}},
    {"450 errors of 1,000 have exact limits", "", "gap(accuracy)", "clopper_pearson", {550, 1000}},
    {"who asks for Wilson's limits gets them", "interval: wilson", "gap(accuracy)", "wilson", {90, 100}},
};

static void one_sample_of_counts(void **state)
{
    const struct exact_row *row = *state;
    const struct counts train = {19, 20};
    const struct mlg_rate rate = {row->held_out.right, row->held_out.rows};
    const bool exact = strcmp(row->method, "clopper_pearson") == 0;
    const struct mlg_limits limits = (exact ? mlg_clopper_pearson : mlg_wilson)(rate, 0.95);
    struct suite_run run;
    const struct mlg_check_result *found = judge_counts(&run, train, row->held_out, row->keys, row->check);
    assert_string_equal(found->method, row->method);
    assert_near(found->lower.value, 0.95 - limits.upper);
    assert_near(found->upper.value, 0.95 - limits.lower);
    suite_run_end(&run);
}

/* Means, whose interval is as wide as METRIC's in the accuracy gate. */
static const struct mean_row {
    const char *name, *check, *columns;
    unsigned rows;
    const char *const *cells; /* in turn */
    unsigned kinds;
} mean_rows[] = {
    {"the gap of a mean that two rows carry", "mae", "y,p", 50,
     (const char *const[]){"0,2", "0,1", "0,1", "0,1", "0,1", "0,1", "0,1", "0,1", "0,1",
                           "0,1", "0,1", "0,1", "0,1", "0,1", "0,1", "0,1", "0,1", "0,1",
                           "0,1", "0,1", "0,1", "0,1", "0,1", "0,1", "0,1"},
     25},
    {"the gap of a mean that all rows carry alike", "mae", "y,p", 50, (const char *const[]){"0,1", "0,0"}, 2},
    {"the gap of r2", "r2", "y,p", 50, (const char *const[]){"0,1", "1,1", "2,1", "3,4", "4,4"}, 5},
};

static char *cells_of(const struct mean_row *row)
{
    enum { LONGEST_CELLS = 16 };
    char *text = malloc((row->rows + 1) * LONGEST_CELLS), *at = text;
    assert_non_null(text);
    at += sprintf(at, "%s\n", row->columns);
    for (unsigned i = 0; i < row->rows; i++)
        at += sprintf(at, "%s\n", row->cells[i % row->kinds]);
    return text;
}

/* METRIC of the held-out rows in the accuracy gate. */
static const struct mlg_check_result *judge_alone(struct suite_run *run, const char *held_out,
                                                  const char *roles, const char *check)
{
    char yaml[256];
    snprintf(yaml, sizeof yaml,
             "version: 1\ndata: {test: {path: test.csv, %s}}\n"
             "gates: [{gate: accuracy, data: test, checks: [%s]}]\n",
             roles, check);
    suite_run_begin(run);
    world_memory_text(&run->world, "test.csv", held_out);
    suite_run_judge(run, yaml);
    const struct mlg_gate_result *gate = &run->results.gates[0];
    return gate->check_count ? &gate->checks[0] : &gate->reported[0];
}

static void a_mean_has_its_own_interval(void **state)
{
    const struct mean_row *row = *state;
    struct suite_run run, other;
    char check[64], *held_out = cells_of(row);
    snprintf(check, sizeof check, "gap(%s)", row->check);
    const struct mlg_check_result *found =
        judge(&run, "y,p\n0,1\n1,3\n2,2\n", held_out, "label: y, prediction: p", "", check);
    const struct mlg_check_result *own = judge_alone(&other, held_out, "label: y, prediction: p", row->check);
    const bool more = strcmp(row->check, "r2") == 0;
    const double below = found->estimate.value - found->lower.value,
                 above = found->upper.value - found->estimate.value;
    const double lower = (more ? above : below) / (own->estimate.value - own->lower.value);
    const double upper = (more ? below : above) / (own->upper.value - own->estimate.value);
    if (!(fabs(lower - 1) <= 1e-9) || !(fabs(upper - 1) <= 1e-9))
        fail_msg("%.12g and %.12g times as wide", lower, upper);
    free(held_out);
    suite_run_end(&run);
    suite_run_end(&other);
}

static const struct told_row {
    const char *name;
    unsigned large;
    bool told;
} told_rows[] = {
    {"three rows that carry a mean are told", 3, true},
    {"thirty are not", 30, false},
};

static void few_carriers_are_told(void **state)
{
    const struct told_row *row = *state;
    char held_out[1024] = "y,p\n", *at = held_out + 4;
    for (unsigned i = 0; i < 100; i++)
        at += sprintf(at, "0,%u\n", i < row->large);
    struct suite_run run;
    const struct mlg_check_result *found =
        judge(&run, "y,p\n0,1\n1,3\n2,2\n", held_out, "label: y, prediction: p", "", "gap(mae)");
    bool told = false;
    for (size_t i = 0; i < found->note_count; i++)
        told = told || strstr(found->notes[i], "about 3 of 100 rows carry the mean");
    assert_int_equal(told, row->told);
    suite_run_end(&run);
}

/* ---- limits that are met exactly ------------------------------------------------------------------ */

static const struct point_row {
    const char *name, *check;
    struct counts train, held_out;
    enum mlg_verdict verdict;
} point_rows[] = {
    {"0.8 less 0.7 is at most 0.1", "gap(accuracy) <= 0.1", {8, 10}, {7, 10}, MLG_PASS},
    {"0.8 less 0.7 is not under 0.1", "gap(accuracy) < 0.1", {8, 10}, {7, 10}, MLG_FAIL},
    {"0.8 less 69 of 100 is over 0.1", "gap(accuracy) <= 0.1", {8, 10}, {69, 100}, MLG_FAIL},
    {"0.3 less 0.2 of a loss is at most 0.1", "gap(zero_one_loss) <= 0.1", {8, 10}, {7, 10}, MLG_PASS},
    {"0.9 to 0.63 is 0.3 of it", "relative_gap(accuracy) <= 0.3", {9, 10}, {63, 100}, MLG_PASS},
    {"0.9 to 0.63 is not less than 0.3 of it", "relative_gap(accuracy) < 0.3", {9, 10}, {63, 100}, MLG_FAIL},
    {"0.2 to 0.3 of a loss is half of it", "relative_gap(zero_one_loss) <= 0.5", {8, 10}, {7, 10}, MLG_PASS},
    {"0.2 to 0.3 of a loss is not less than half of it",
     "relative_gap(zero_one_loss) < 0.5",
     {8, 10},
     {7, 10},
     MLG_FAIL},
    {"better on held-out rows is a negative gap", "gap(accuracy) <= -0.1", {7, 10}, {8, 10}, MLG_PASS},
};

static void the_point_is_compared_exactly(void **state)
{
    const struct point_row *row = *state;
    struct suite_run run;
    const struct mlg_check_result *found =
        judge_counts(&run, row->train, row->held_out, "decide: point", row->check);
    assert_string_equal(found->decided_by, "point");
    assert_int_equal(found->verdict, row->verdict);
    suite_run_end(&run);
}

/* ---- other values --------------------------------------------------------------------------------- */

static const struct value_row {
    const char *name, *roles, *keys, *check, *train, *held_out;
    double value; /* NaN: undefined, or without bounds */
    const char *reason;
} value_rows[] = {
    {"a negative train score is taken by its size", "label: y, prediction: p", "", "relative_gap(r2)",
     "y,p\n0,1\n1,0\n2,3\n3,2\n0,4\n", "y,p\n0,4\n4,0\n1,2\n2,1\n", 0, NULL},
    {"a negative train score turns the bounds", "label: y, prediction: p", "", "gap(r2)",
     "y,p\n0,1\n1,0\n2,3\n3,2\n0,4\n", "y,p\n0,4\n4,0\n1,2\n2,1\n", 0, NULL},
    {"a perfect train loss is a share of nothing", "label: y, prediction: p", "", "relative_gap(mae)",
     "y,p\n0,0\n1,1\n2,2\n", "y,p\n0,1\n1,0\n2,4\n", (double)NAN, "the train score is 0"},
    {"a train loss that is 0 but for rounding is a share of nothing", "label: y, score: p", "",
     "relative_gap(log_loss)", "y,p\n0,0\n1,1\n0,0\n1,1\n", "y,p\n0,0.25\n1,0.5\n0,0.5\n1,0.75\n1,0.25\n",
     (double)NAN, "the train score is 0 but for rounding"},
    {"a perfect train loss has a gap", "label: y, prediction: p", "", "gap(mae)", "y,p\n0,0\n1,1\n2,2\n",
     "y,p\n0,1\n1,0\n2,4\n", 4.0 / 3, NULL},
    {"no positive prediction among held-out rows", "label: y, prediction: p", "", "gap(precision)",
     "y,p\n1,1\n0,0\n1,0\n0,1\n", "y,p\n0,0\n1,0\n0,2\n", (double)NAN, "of the held-out rows"},
    {"no positive prediction among train rows", "label: y, prediction: p, positive: 1", "", "gap(precision)",
     "y,p\n0,0\n1,0\n0,2\n", "y,p\n1,1\n0,0\n1,0\n0,1\n", (double)NAN, "of the train rows"},
    {"a constant label has no r2", "label: y, prediction: p", "", "gap(r2)", "y,p\n1,1\n2,3\n3,3\n",
     "y,p\n2,1\n2,2\n2,3\n", (double)NAN, "r2 of the held-out rows"},
    {"three train rows say too little of a mean beside ten", "label: y, prediction: p",
     "train_is_sample: true", "gap(mae) <= 9", "y,p\n0,1\n1,1\n2,4\n",
     "y,p\n0,1\n1,0\n2,4\n0,2\n1,3\n2,0\n0,0\n1,1\n2,2\n3,5\n", (double)INFINITY,
     "a sample of 3 train rows says too little of a mean; give 100 or more, or as many as held-out ones"},
    {"a sample of as many train rows as held-out ones is enough", "label: y, prediction: p",
     "train_is_sample: true", "gap(mae)", "y,p\n0,1\n1,1\n2,4\n", "y,p\n0,1\n1,0\n2,5\n", 2.0 / 3, NULL},
    {"two samples with a negative value have no ratio's bounds", "label: y, prediction: p",
     "train_is_sample: true", "relative_gap(r2) <= 1", "y,p\n0,1\n1,0\n2,3\n3,2\n0,4\n",
     "y,p\n0,4\n4,0\n1,2\n2,1\n", (double)INFINITY, "judge the gap instead"},
    {"a mean over two classes is not compared with one over the only one seen",
     "label: y, prediction: p, labels: [0, 1]", "", "gap(balanced_accuracy) <= 1",
     "y,p\n0,0\n1,1\n0,1\n1,0\n", "y,p\n0,0\n0,1\n0,0\n", (double)INFINITY,
     "train has rows of 2 classes and the held-out source of 1"},
};

static void a_value_or_its_reason(void **state)
{
    const struct value_row *row = *state;
    struct suite_run run;
    const struct mlg_check_result *found =
        judge(&run, row->train, row->held_out, row->roles, row->keys, row->check);
    if (row->reason) {
        assert_false(found->lower.known || found->upper.known);
        if (found->estimate.known != !isnan(row->value))
            fail_msg("%s", found->reason ? found->reason : "it has no reason");
        if (!found->reason || !strstr(found->reason, row->reason))
            fail_msg("the reason is '%s', without '%s'", found->reason ? found->reason : "", row->reason);
        assert_true(found->verdict != MLG_PASS);
    } else if (strstr(row->check, "r2")) {
        /* train: residuals 1 1 1 1 16, labels 0 1 2 3 0 around 1.2; held-out: 16 16 1 1, labels around 1.75
         */
        const double train = 1 - 20 / 6.8, held_out = 1 - 34 / 8.75, gap = train - held_out;
        assert_near(found->estimate.value, strncmp(row->check, "relative", 8) == 0 ? gap / -train : gap);
        assert_true(found->lower.value < found->estimate.value && found->estimate.value < found->upper.value);
    } else {
        assert_near(found->estimate.value, row->value);
        assert_true(found->lower.value < row->value && row->value < found->upper.value);
    }
    suite_run_end(&run);
}

static void a_slice_that_train_lacks_has_no_gap(void **state)
{
    (void)state;
    struct suite_run run;
    (void)judge(&run, "y,p,g\n1,1,a\n0,0,a\n1,0,a\n", "y,p,g\n1,1,a\n0,1,a\n1,0,b\n0,0,b\n",
                "label: y, prediction: p", "slices: [g]", "gap(accuracy)");
    const struct mlg_check_result *found = suite_run_find(&run, "gap(accuracy) / g=b");
    assert_non_null(found);
    assert_false(found->estimate.known);
    assert_string_equal(found->reason, "'train' has no rows of this slice");
    assert_true(suite_run_find(&run, "gap(accuracy) / g=a")->estimate.known);
    suite_run_end(&run);
}

/* ---- which metrics have a gap --------------------------------------------------------------------- */

static void metrics_without_a_direction_have_no_gap(void **state)
{
    static const char *const quantities[] = {"gap", "relative_gap", "fold_gap", "fold_spread", "fold_worst"};
    (void)state;
    struct mlg_arena arena;
    size_t refused = 0;
    mlg_arena_init(&arena, 0);
    for (const struct mlg_metric *const *metric = mlg_metrics; *metric; metric++)
        for (size_t q = 0; q < COUNT(quantities); q++) {
            struct mlg_check check;
            struct mlg_call call;
            struct mlg_error error = {0};
            const char *inner = (*metric)->required_argument;
            const char *argument = !inner                         ? ""
                                   : strcmp(inner, "metric") == 0 ? ", accuracy"
                                   : strcmp(inner, "k") == 0      ? ", 1"
                                                                  : ", 0.5";
            const char *text = mlg_arena_format(&arena, "%s(%s%s)", quantities[q], (*metric)->name, argument);
            assert_int_equal(mlg_check_parse(text, strlen(text), &arena, &check, &error), MLG_OK);
            const int code = mlg_overfit_resolve(&check, &arena, &call, &error);
            const bool has_direction = (*metric)->direction != MLG_NO_DIRECTION;
            if (q == 3 && !has_direction) /* of any quantity folds lie apart */
                continue;
            if ((code == MLG_OK) != has_direction)
                fail_msg("%s: %s", text, error.text);
            if (code != MLG_OK && !inner)
                assert_non_null(strstr(error.text, "neither more nor less is better"));
            refused += code != MLG_OK;
        }
    assert_true(refused >= 4 * 8);
    mlg_arena_free(&arena);
}

/* ---- held-out is better ---------------------------------------------------------------------------- */

static void held_out_rows_that_are_proven_better_are_asked_about(void **state)
{
    static const struct {
        const char *check;
        struct counts train, held_out;
        bool asked;
    } rows[] = {{"gap(accuracy) <= 0.05", {50, 100}, {90, 100}, true},
                {"relative_gap(accuracy) <= 0.05", {50, 100}, {90, 100}, true},
                {"gap(zero_one_loss) <= 0.05", {50, 100}, {90, 100}, true},
                {"gap(accuracy) <= 0.05", {88, 100}, {90, 100}, false},
                {"gap(accuracy) <= 0.05", {90, 100}, {50, 100}, false}};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct suite_run run;
        const struct mlg_check_result *found =
            judge_counts(&run, rows[i].train, rows[i].held_out, "", rows[i].check);
        bool asked = false;
        for (size_t k = 0; k < found->note_count; k++)
            asked |=
                strstr(found->notes[k], "held-out is proven better than train: were the two swapped") != NULL;
        assert_int_equal(asked, rows[i].asked);
        suite_run_end(&run);
    }
}

/* ---- rows ------------------------------------------------------------------------------------------ */

int main(void)
{
    static const struct CMUnitTest plain[] = {
        cmocka_unit_test(a_slice_that_train_lacks_has_no_gap),
        cmocka_unit_test(metrics_without_a_direction_have_no_gap),
        cmocka_unit_test(held_out_rows_that_are_proven_better_are_asked_about),
    };
    static struct CMUnitTest tests[COUNT(newcombe_rows) + COUNT(sample_rows) + COUNT(point_rows) +
                                   COUNT(value_rows) + COUNT(exact_rows) + COUNT(mean_rows) +
                                   COUNT(told_rows) + COUNT(plain)];
    size_t count = 0;
    NAMED_ROWS(tests, count, newcombe_rows, wilsons_limits_make_newcombes);
    NAMED_ROWS(tests, count, sample_rows, two_samples_of_counts);
    NAMED_ROWS(tests, count, point_rows, the_point_is_compared_exactly);
    NAMED_ROWS(tests, count, value_rows, a_value_or_its_reason);
    NAMED_ROWS(tests, count, exact_rows, one_sample_of_counts);
    NAMED_ROWS(tests, count, mean_rows, a_mean_has_its_own_interval);
    NAMED_ROWS(tests, count, told_rows, few_carriers_are_told);
    memcpy(tests + count, plain, sizeof plain);
    return _cmocka_run_group_tests("gaps", tests, count + COUNT(plain), NULL, NULL);
}
