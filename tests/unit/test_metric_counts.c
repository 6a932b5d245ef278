/* Metrics of label x prediction: values, standard errors, bounds where cells are small, and what is
 * undefined. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "measure.h"
#include "mlgate/distribution.h"
#include "mlgate/verdict.h"
#include "named_rows.h"

static const char *const families[] = {"accuracy",
                                       "zero_one_loss",
                                       "precision",
                                       "recall",
                                       "specificity",
                                       "npv",
                                       "fpr",
                                       "fnr",
                                       "fdr",
                                       "for",
                                       "selection_rate",
                                       "base_rate",
                                       "jaccard",
                                       "f1",
                                       "fbeta",
                                       "balanced_accuracy",
                                       "mcc",
                                       "cohen_kappa",
                                       NULL};

/* ---- tables of counts --------------------------------------------------------------------------- */

/* Rows written as counts: "label prediction rows [weight]", separated by commas. Cluster is the row
 * modulo 30. */
static char *table_of(const char *cells)
{
    enum { ROOM = 1 << 18, LONGEST_ROW = 128 };
    char *text = malloc(ROOM), *at = text;
    unsigned row = 0;
    assert_non_null(text);
    at += sprintf(at, "id,y,p,w,c\n");
    for (const char *cell = cells; cell; cell = strchr(cell, ',') ? strchr(cell, ',') + 1 : NULL) {
        char label[16], prediction[16], weight[16] = "1";
        unsigned rows;
        assert_true(sscanf(cell, " %15[^ ,] %15[^ ,] %u %15[^ ,]", label, prediction, &rows, weight) >= 3);
        for (unsigned k = 0; k < rows; k++, row++) {
            assert_true(at + LONGEST_ROW < text + ROOM);
            at += sprintf(at, "%u,%s,%s,%s,%u\n", row, label, prediction, weight, row % 30);
        }
    }
    return text;
}

#define DATA .name = "test", .path = "t.csv", .label = "y", .prediction = "p", .threshold = 0.5
static const struct mlg_data plain = {DATA};
static const struct mlg_data weighted = {DATA, .weight = "w"};
static const struct mlg_data clustered = {DATA, .cluster = "c"};
static const char *three_labels[] = {"a", "b", "c"};
static const struct mlg_data declared = {DATA, .labels = {.items = three_labels, .count = 3}};
static const struct mlg_data positive_one = {DATA, .positive = "1"};
static const struct mlg_data positive_a = {DATA, .positive = "a"};

static void begin(struct measure *measure, const struct mlg_data *data, const char *cells)
{
    char *text = table_of(cells);
    measure_begin(measure, data);
    world_memory_text(&measure->world, "t.csv", text);
    free(text);
}

/* ---- undefined ---------------------------------------------------------------------------------- */

struct undefined_row {
    const char *name;
    const struct mlg_data *data;
    const char *check;
    const char *cells;
    const char *reason; /* a part of it */
};

static const struct undefined_row undefined_rows[] = {
    {"recall without positive labels is undefined", &plain, "recall", "0 0 5, 0 1 2",
     "no rows are labelled '1' in 7 rows"},
    {"recall where no row has anything to do with the positive class is undefined", &plain, "recall", "0 0 5",
     "no rows are labelled '1' in 5 rows"},
    {"precision without positive predictions is undefined", &plain, "precision", "1 0 3, 0 0 2",
     "no rows are predicted '1' in 5 rows"},
    {"specificity where all labels are positive is undefined", &plain, "specificity", "1 1 3, 1 0 2",
     "no rows are labelled other than '1'"},
    {"npv where all predictions are positive is undefined", &plain, "npv", "1 1 3, 0 1 2",
     "no rows are predicted other than '1'"},
    {"f1 without any positive label or prediction is undefined", &plain, "f1", "0 0 9",
     "no rows are labelled or predicted '1'"},
    {"fbeta with beta 0 is precision and undefined like it", &plain, "fbeta(0)", "1 0 3, 0 0 2",
     "no rows are predicted '1'"},
    {"macro precision is undefined when a class is never predicted, not 0", &plain, "precision",
     "a a 3, b b 2, c a 1", "no rows are predicted 'c' in 6 rows"},
    {"macro recall is undefined when a predicted class has no labels", &plain, "recall",
     "a a 3, b b 2, b c 1", "no rows are labelled 'c'"},
    {"mcc of constant predictions is undefined, not 0", &plain, "mcc", "0 0 3, 1 0 2",
     "all 5 rows are predicted '0'"},
    {"mcc of constant labels is undefined, not 0", &plain, "mcc", "1 0 3, 1 1 2",
     "all 5 rows are labelled '1'"},
    {"kappa where all rows are one class is undefined", &plain, "cohen_kappa", "1 1 4",
     "all 4 rows are labelled and predicted '1'"},
    {"nothing is compared with an mcc that is undefined", &plain, "constant_score(mcc)", "1 1 8, 0 1 2",
     "all 10 rows are predicted '1'"},
    {"adjusted balanced accuracy of one class is undefined", &plain, "balanced_accuracy(adjusted=true)",
     "1 1 3, 1 0 2", "only one class in the labels: nothing to adjust for"},
    {"one row is told as one", &plain, "mcc", "1 1 1", "the only row is labelled and predicted '1'"},
    {"one row is told as one of no trials too", &plain, "recall", "0 0 1",
     "no rows are labelled '1' in 1 row"},
    {"f1 of two text classes without a positive one is undefined and names the labels", &plain, "f1",
     "a a 3, b b 2", "'a', 'b'"},
    {"a binary average of three classes without a positive one is undefined", &plain, "f1(binary)",
     "a a 3, b b 2, c c 2", "positive"},
    {"rows of weight 0 are no trials", &weighted, "recall", "0 0 3 1, 1 1 2 0",
     "rows of weight 0 do not count"},
};

static void test_undefined(void **state)
{
    const struct undefined_row *row = *state;
    struct measure measure;
    begin(&measure, row->data, row->cells);
    if (measure_check(&measure, row->check) != MLG_OK)
        fail_msg("%s", measure.error.text);
    assert_int_equal(measure.evidence.kind, MLG_UNDEFINED);
    assert_true(isnan(measure.evidence.value));
    if (!strstr(measure.evidence.reason, row->reason))
        fail_msg("the reason is '%s'", measure.evidence.reason);
    measure_end(&measure);
}

/* ---- values and evidence ------------------------------------------------------------------------- */

struct value_row {
    const char *name;
    const struct mlg_data *data;
    const char *check;
    const char *cells;
    double value;
    enum mlg_evidence_kind kind;
    enum mlg_method method;
    uint64_t numerator, denominator, n;
};

static const struct value_row value_rows[] = {
    {"precision is told as counts of its own trials", &plain, "precision", "1 1 30, 0 1 10, 1 0 7, 0 0 20",
     0.75, MLG_PROPORTION, MLG_METHOD_WILSON, 30, 40, 40},
    {"accuracy of text classes needs no positive class", &plain, "accuracy", "a a 3, b b 2, a b 5", 0.5,
     MLG_PROPORTION, MLG_METHOD_WILSON, 5, 10, 10},
    {"f1 keeps its ratio of counts", &plain, "f1", "1 1 30, 0 1 10, 1 0 10, 0 0 20", 0.75, MLG_BOUNDS,
     MLG_METHOD_DELTA, 60, 80, 70},
    {"f1 of 1 has a width", &plain, "f1", "1 1 50, 0 0 50", 1, MLG_BOUNDS, MLG_METHOD_DELTA, 100, 100, 100},
    {"f1 of 0 is a value when something positive was there", &plain, "f1", "1 0 9, 0 1 9", 0, MLG_BOUNDS,
     MLG_METHOD_DELTA, 0, 18, 18},
    {"mcc of -1 is a value", &plain, "mcc", "1 0 9, 0 1 9", -1, MLG_BOUNDS, MLG_METHOD_DELTA, 0, 0, 18},
    {"micro f1 is accuracy and a proportion", &plain, "f1(micro)", "a a 3, b b 3, c a 2", 0.75,
     MLG_PROPORTION, MLG_METHOD_WILSON, 6, 8, 8},
    {"micro specificity of three classes counts each row twice and is no proportion", &plain,
     "specificity(micro)", "a a 30, b b 30, c a 20", 0.875, MLG_BOUNDS, MLG_METHOD_DELTA, 140, 160, 80},
    {"micro jaccard keeps its ratio of counts", &plain, "jaccard(micro)", "a a 30, b b 30, a b 10, b a 10",
     0.6, MLG_BOUNDS, MLG_METHOD_DELTA, 60, 100, 80},
    {"class= is one against the rest", &plain, "recall(class=b)", "a a 3, b b 3, b c 1", 0.75, MLG_PROPORTION,
     MLG_METHOD_WILSON, 3, 4, 4},
    {"class= compares numbers as numbers", &plain, "recall(class=1.0)", "1 1 3, 1 2 1, 2 2 5", 0.75,
     MLG_PROPORTION, MLG_METHOD_WILSON, 3, 4, 4},
    {"the positive class may be given", &positive_a, "recall", "a a 3, a b 1, b b 5", 0.75, MLG_PROPORTION,
     MLG_METHOD_WILSON, 3, 4, 4},
    {"weighted precision leaves out a predicted class without labels", &plain, "precision(weighted)",
     "a a 30, b b 20, b c 10", 1, MLG_BOUNDS, MLG_METHOD_DELTA, 0, 0, 60},
    {"balanced accuracy averages classes that have labels (scikit-learn)", &plain, "balanced_accuracy",
     "0 0 1, 0 2 1, 1 1 1", 0.75, MLG_BOUNDS, MLG_METHOD_DELTA, 0, 0, 3},
    {"macro f1 counts a class that is only predicted (scikit-learn)", &plain, "f1", "0 0 1, 1 2 1", 1. / 3,
     MLG_BOUNDS, MLG_METHOD_DELTA, 0, 0, 2},
    {"with weights all right is bounded by Kish's size", &weighted, "recall", "1 1 8 1, 1 1 4 3, 0 1 3 2", 1,
     MLG_BOUNDS, MLG_METHOD_LINEARISED, 0, 0, 15},
    {"with clusters all right is bounded by the clusters", &clustered, "accuracy", "1 1 80, 0 0 40", 1,
     MLG_BOUNDS, MLG_METHOD_CLUSTER, 120, 120, 120},
    {"a declared class that no row has counts 0 in the mean (scikit-learn)", &declared, "f1",
     "a a 30, b b 30", 2. / 3, MLG_BOUNDS, MLG_METHOD_DELTA, 0, 0, 60},
    {"a perfect mcc is exactly 1", &plain, "mcc", "a a 7, b b 13, c c 3", 1, MLG_BOUNDS, MLG_METHOD_DELTA, 0,
     0, 23},
    {"mcc of very unequal weights does not cancel", &weighted, "mcc", "1 1 1 1e20, 1 0 1 1, 0 1 1 1, 0 0 1 1",
     0.5, MLG_BOUNDS, MLG_METHOD_LINEARISED, 0, 0, 4},
    {"rows of weight 0 are not counted", &weighted, "accuracy", "1 1 8 1, 0 0 4 1, 0 1 30 0", 1, MLG_BOUNDS,
     MLG_METHOD_LINEARISED, 0, 0, 12},
    {"rows are exact", &plain, "rows", "1 1 8, 0 0 4", 12, MLG_EXACT_VALUE, MLG_METHOD_EXACT, 12, 1, 12},
    {"positives are exact", &plain, "positives", "1 1 8, 0 0 4", 8, MLG_EXACT_VALUE, MLG_METHOD_EXACT, 8, 1,
     8},
    {"negatives are rows, whatever they weigh", &weighted, "negatives", "1 1 8 2, 0 0 4 5", 4,
     MLG_EXACT_VALUE, MLG_METHOD_EXACT, 4, 1, 4},
    {"the best constant accuracy is a proportion", &plain, "constant_score(accuracy)", "1 1 8, 0 0 2", 0.8,
     MLG_PROPORTION, MLG_METHOD_WILSON, 8, 10, 10},
    {"the best constant f1 always answers positive", &plain, "constant_score(f1)", "1 0 8, 0 0 2", 16. / 18,
     MLG_VALUE_ONLY, MLG_METHOD_NONE, 16, 18, 10},
    {"mcc is compared with answers at random", &plain, "constant_score(mcc)", "1 1 8, 0 1 1, 0 0 2", 0,
     MLG_VALUE_ONLY, MLG_METHOD_NONE, 0, 1, 11},
    {"a constant answer has an adjusted balanced accuracy of 0", &plain,
     "constant_score(balanced_accuracy, adjusted=true)", "1 1 8, 0 0 2, 2 2 3", 0, MLG_VALUE_ONLY,
     MLG_METHOD_NONE, 0, 0, 13},
    {"a constant answer finds all positives", &plain, "constant_score(recall)", "1 0 8, 0 0 2", 1,
     MLG_PROPORTION, MLG_METHOD_WILSON, 8, 8, 8},
    {"the least constant error", &plain, "constant_score(zero_one_loss)", "1 1 8, 0 0 2", 0.2, MLG_PROPORTION,
     MLG_METHOD_WILSON, 2, 10, 10},
};

static void test_value(void **state)
{
    const struct value_row *row = *state;
    struct measure measure;
    begin(&measure, row->data, row->cells);
    if (measure_check(&measure, row->check) != MLG_OK)
        fail_msg("%s", measure.error.text);
    const struct mlg_evidence *evidence = &measure.evidence;
    assert_string_equal(evidence->reason, "");
    assert_true(fabs(evidence->value - row->value) <= 1e-15);
    assert_int_equal(evidence->kind, row->kind);
    assert_int_equal(evidence->method, row->method);
    assert_int_equal(evidence->numerator, row->numerator);
    assert_int_equal(evidence->denominator, row->denominator);
    assert_int_equal(evidence->n, row->n);
    if (evidence->kind == MLG_BOUNDS) {
        double lower, upper;
        assert_int_equal(evidence->bounds(evidence->state, 0.95, 1, &lower, &upper), 0);
        assert_true(lower <= evidence->value && evidence->value <= upper);
        assert_true(upper - lower > 0.005);
        assert_true(lower >= evidence->minimum && upper <= evidence->maximum);
    }
    measure_end(&measure);
}

/* Found by rational arithmetic: values that are short decimals, where sums of rounded ratios are not. */
struct exact_row {
    const char *check, *cells, *limit;
};

static const struct exact_row exact_rows[] = {
    {"balanced_accuracy", "1 1 3, 1 0 12, 0 0 1, 0 1 9", "0.15"},
    {"balanced_accuracy", "0 0 3, 0 2 5, 1 0 5, 1 1 9, 1 2 6, 2 0 8, 2 1 4", "0.275"},
    {"balanced_accuracy", "0 0 1, 0 1 12, 0 2 12, 1 0 3, 1 1 1, 1 2 2, 2 0 2, 2 1 8, 2 2 5", "0.18"},
    {"balanced_accuracy(adjusted=true)", "0 0 3, 0 1 7, 1 0 9, 1 1 11", "-0.15"},
    {"balanced_accuracy(adjusted=true)", "0 0 11, 0 1 9, 1 0 2, 1 1 8", "0.35"},
    {"recall(macro)", "0 0 2, 0 2 8, 1 1 1, 1 2 4, 2 0 6, 2 1 2, 2 2 2", "0.2"},
    {"recall(macro)", "0 0 3, 0 1 12, 1 0 9, 1 1 1", "0.15"},
    {"precision(macro)", "0 0 12, 0 1 5, 1 0 10, 1 1 12, 1 2 1, 2 0 10, 2 1 3, 2 2 3", "0.575"},
    {"precision(macro)", "0 0 6, 0 1 2, 1 0 9, 1 1 8", "0.6"},
    {"f1(macro)", "0 0 6, 0 1 9, 1 0 9, 1 1 11", "0.475"},
    {"f1(macro)", "0 0 12, 0 1 6, 1 1 2", "0.6"},
    {"jaccard(macro)", "0 0 3, 0 1 2, 1 0 10, 1 1 8", "0.3"},
    {"jaccard(macro)", "0 0 9, 0 1 10, 1 0 11, 1 1 4", "0.23"},
    {"jaccard(weighted)", "0 0 9, 0 1 12, 1 0 4, 1 1 9", "0.36"},
    {"jaccard(weighted)", "0 1 11, 1 0 4, 1 1 10", "0.224"},
    {"precision(weighted)", "0 0 11, 0 1 3, 1 0 9, 1 1 1", "0.425"},
    {"precision(weighted)", "0 0 12, 0 1 4, 1 0 8", "0.4"},
    {"specificity(macro)", "0 0 1, 0 1 2, 0 2 2, 1 0 4, 1 1 1, 2 0 8, 2 1 2, 2 2 10", "0.72"},
    {"specificity(macro)", "0 0 3, 0 1 12, 1 0 3, 1 1 2", "0.3"},
    {"cohen_kappa", "0 0 10, 0 1 4, 1 0 12", "-0.3"},
    {"cohen_kappa", "0 0 12, 0 1 3, 1 0 9, 1 1 6", "0.2"},
    {"cohen_kappa(weights=linear)", "0 0 5, 0 1 5, 1 0 10, 1 1 2", "-0.32"},
    {"cohen_kappa(weights=linear)", "0 0 3, 0 1 6, 1 0 10, 1 1 3", "-0.408"},
    {"cohen_kappa(weights=quadratic)", "0 0 3, 0 1 6, 0 2 4, 1 0 1, 1 1 8, 1 2 5, 2 0 3", "-0.2"},
    {"cohen_kappa(weights=quadratic)", "0 0 7, 0 1 4, 1 0 3, 1 1 6", "0.3"},
    {"fbeta(0.5)", "1 1 4, 1 0 2, 0 1 7", "0.4"},
    {"jaccard(micro)", "1 1 3, 0 0 3, 1 0 7, 0 1 10", "0.15"},
    {"mcc", "1 1 26, 1 0 24, 0 1 6", "-0.3"},
    {"mcc", "1 1 22, 1 0 3, 0 1 18, 0 0 7", "0.2"},
    {"mcc", "1 0 16, 0 1 6, 0 0 14", "-0.4"},
};

static void test_exactly_at_the_limit(void **state)
{
    const struct exact_row *row = *state;
    struct mlg_decimal limit;
    struct measure measure;
    assert_true(mlg_decimal_parse(row->limit, strlen(row->limit), &limit));
    begin(&measure, &positive_one, row->cells);
    if (measure_check(&measure, row->check) != MLG_OK)
        fail_msg("%s", measure.error.text);
    if (measure.evidence.value != limit.value) /* what is printed */
        fail_msg("%.17g", measure.evidence.value);
    assert_true(mlg_meets(&measure.evidence, MLG_AT_LEAST, &limit));
    assert_true(mlg_meets(&measure.evidence, MLG_AT_MOST, &limit));
    assert_false(mlg_meets(&measure.evidence, MLG_ABOVE, &limit));
    assert_false(mlg_meets(&measure.evidence, MLG_BELOW, &limit));
    measure_end(&measure);
}

static void test_constant_names_the_answer(void **state)
{
    static const char cells[] = "a b 8, b b 2";
    struct measure measure;
    (void)state;
    begin(&measure, &plain, cells);
    assert_int_equal(measure_check(&measure, "constant_score(accuracy)"), MLG_OK);
    assert_string_equal(measure.evidence.note, "always answering 'a'");
    measure_end(&measure);
}

static void test_unknown_class(void **state)
{
    static const char cells[] = "ash birch 8, birch birch 2";
    struct measure measure;
    (void)state;
    begin(&measure, &plain, cells);
    assert_int_equal(measure_check(&measure, "recall(class=oak)"), MLG_CONFIG);
    assert_string_equal(measure.error.text, "class 'oak' is not among the classes seen: 'ash', 'birch'");
    measure_end(&measure);
}

static void test_slice_is_its_own_table(void **state)
{
    static const char text[] = "y,p,g\na,a,1\nb,a,1\nc,c,2\nc,c,2\na,c,2\n";
    struct measure measure;
    (void)state;
    measure_begin(&measure, &plain);
    world_memory_text(&measure.world, "t.csv", text);
    measure.slice_column = "g";
    measure.slice = 1; /* g = 2: classes a and c; b is not there and does not count */
    if (measure_check(&measure, "f1(macro)") != MLG_OK)
        fail_msg("%s", measure.error.text);
    assert_true(fabs(measure.evidence.value - 0.4) < 1e-15);
    assert_int_equal(measure.evidence.n, 3);
    measure_end(&measure);
}

/* ---- bounds ------------------------------------------------------------------------------------------ */

static void bounds_of(struct measure *measure, const char *check, double confidence, double multiplier,
                      double *lower, double *upper)
{
    if (measure_check(measure, check) != MLG_OK)
        fail_msg("%s", measure->error.text);
    assert_int_equal(measure->evidence.kind, MLG_BOUNDS);
    assert_int_equal(measure->evidence.bounds(measure->evidence.state, confidence, multiplier, lower, upper),
                     0);
}

static void close_to(double got, double expected)
{
    if (!(fabs(got - expected) <= 1e-12))
        fail_msg("%.17g, not %.17g", got, expected);
}

/* f1 = 2J / (1 + J), J the share of tp among tp, fp and fn. */
static void test_f1_is_bounded_as_jaccard_is(void **state)
{
    static const char *const cells[] = {"1 1 60, 0 1 3, 1 0 1, 0 0 40", "1 1 60, 0 1 30, 1 0 20, 0 0 40"};
    const double right[] = {60, 60}, all[] = {64, 110};
    (void)state;
    for (size_t i = 0; i < COUNT(cells); i++) {
        struct measure measure;
        double lower, upper;
        begin(&measure, &plain, cells[i]);
        const struct mlg_limits jaccard = mlg_proportion((struct mlg_rate){right[i], all[i]}, 0.95);
        bounds_of(&measure, "f1", 0.95, 1, &lower, &upper);
        close_to(lower, 2 * jaccard.lower / (1 + jaccard.lower));
        close_to(upper, 2 * jaccard.upper / (1 + jaccard.upper));
        bounds_of(&measure, "f1(class=1)", 0.95, 1, &lower, &upper);
        close_to(lower, 2 * jaccard.lower / (1 + jaccard.lower));
        measure_end(&measure);
    }
}

/* With equal classes and equal kinds of errors mcc and kappa are 2 accuracy - 1, and so are their bounds. */
static void test_agreement_is_bounded_as_accuracy_is(void **state)
{
    static const char cells[] = "1 1 45, 0 1 5, 1 0 5, 0 0 45";
    static const char *const checks[] = {"mcc", "cohen_kappa"};
    const struct mlg_limits accuracy = mlg_proportion((struct mlg_rate){90, 100}, 0.95);
    struct measure measure;
    (void)state;
    begin(&measure, &plain, cells);
    for (size_t i = 0; i < COUNT(checks); i++) {
        double lower, upper;
        bounds_of(&measure, checks[i], 0.95, 1, &lower, &upper);
        close_to(lower, 2 * accuracy.lower - 1);
        close_to(upper, 2 * accuracy.upper - 1);
    }
    measure_end(&measure);
}

/* The classes' recalls are independent: squared distances of their bounds are added. */
static void test_balanced_accuracy_adds_its_classes(void **state)
{
    static const char cells[] = "1 1 36, 1 0 4, 0 0 90, 0 1 10";
    const struct mlg_limits one = mlg_proportion((struct mlg_rate){36, 40}, 0.95);
    const struct mlg_limits other = mlg_proportion((struct mlg_rate){90, 100}, 0.95);
    struct measure measure;
    double lower, upper;
    (void)state;
    begin(&measure, &plain, cells);
    bounds_of(&measure, "balanced_accuracy", 0.95, 1, &lower, &upper);
    close_to(lower, 0.9 - hypot(0.9 - one.lower, 0.9 - other.lower) / 2);
    close_to(upper, 0.9 + hypot(one.upper - 0.9, other.upper - 0.9) / 2);
    measure_end(&measure);
}

/* Where no kind of error is rare the bounds are those of the multinomial delta method, neither more nor less:
 * the standard errors are of kappa Fleiss, Cohen and Everitt's (1969), of all made as
 * tests/oracles/metrics.py makes them, by differences of the value with respect to the cells. */
static void test_many_rows_are_bounded_by_the_delta_method(void **state)
{
    static const char four[] = "0 0 1400, 0 1 200, 0 2 150, 0 3 100, 1 0 250, 1 1 1200, 1 2 200, 1 3 100,"
                               "2 0 100, 2 1 200, 2 2 900, 2 3 150, 3 0 50, 3 1 100, 3 2 150, 3 3 600";
    static const struct {
        const char *check;
        double value, standard_error;
    } rows[] = {
        {"cohen_kappa", 0.59330618730757778, 0.008101302821},
        {"cohen_kappa(weights=linear)", 0.63565022421524664, 0.008300518975},
        {"cohen_kappa(weights=quadratic)", 0.67258883248730972, 0.009999469488},
        {"mcc", 0.59342588866254109, 0.008098775045},
        {"balanced_accuracy", 0.69395109395109389, 0.006295693191},
        {"f1(average=macro)", 0.69149239119459482, 0.006222420938},
        {"fbeta(2, average=macro)", 0.69290752571354919, 0.006245275526},
        {"precision(average=macro)", 0.68952405523612947, 0.006260366152},
        {"jaccard(average=weighted)", 0.54242755576088908, 0.007077388409},
        {"specificity(average=macro)", 0.89905764966740565, 0.002029065897},
        {"npv(average=macro)", 0.89850267077635626, 0.002030413094},
        {"fpr(average=weighted)", 0.10462410218507781, 0.002245141959},
    };
    const double z = mlg_normal_quantile(0.95);
    struct measure measure;
    (void)state;
    begin(&measure, &plain, four);
    for (size_t i = 0; i < COUNT(rows); i++) {
        double lower, upper;
        bounds_of(&measure, rows[i].check, 0.95, 1, &lower, &upper);
        close_to(measure.evidence.value, rows[i].value);
        if (!(fabs(measure.evidence.standard_error / rows[i].standard_error - 1) <= 1e-6))
            fail_msg("%s: a standard error of %.10g", rows[i].check, measure.evidence.standard_error);
        const double ratio = (upper - lower) / (2 * z * rows[i].standard_error);
        if (!(ratio > 0.99 && ratio < 1.01))
            fail_msg("%s: bounds are %.3f times as wide", rows[i].check, ratio);
    }
    measure_end(&measure);
}

/* Few errors, and near ones, do not say that there are no far ones. */
static void test_few_errors_count_as_the_farthest(void **state)
{
    static const char cells[] = "0 0 40, 1 1 40, 2 2 40, 3 3 40, 0 1 1";
    struct measure measure;
    double lower, upper;
    (void)state;
    begin(&measure, &plain, cells);
    bounds_of(&measure, "cohen_kappa(weights=quadratic)", 0.95, 1, &lower, &upper);
    assert_true(measure.evidence.value - lower > 3 * 1.645 * measure.evidence.standard_error);
    measure_end(&measure);
}

/* Weights of 1 give what no weights give. */
static void test_equal_weights_are_no_weights(void **state)
{
    static const char plain_cells[] = "1 1 60, 0 1 3, 1 0 1, 0 0 40, 2 1 5, 2 2 30";
    static const char weighted_cells[] = "1 1 60 1, 0 1 3 1, 1 0 1 1, 0 0 40 1, 2 1 5 1, 2 2 30 1";
    static const char *const checks[] = {"accuracy",
                                         "f1",
                                         "f1(class=1)",
                                         "fbeta(2)",
                                         "jaccard(micro)",
                                         "recall(class=2)",
                                         "specificity(macro)",
                                         "mcc",
                                         "balanced_accuracy",
                                         "cohen_kappa",
                                         "cohen_kappa(weights=quadratic)"};
    struct measure one, other;
    (void)state;
    begin(&one, &plain, plain_cells);
    begin(&other, &weighted, weighted_cells);
    for (size_t i = 0; i < COUNT(checks); i++) {
        assert_int_equal(measure_check(&one, checks[i]), MLG_OK);
        assert_int_equal(measure_check(&other, checks[i]), MLG_OK);
        const struct mlg_bounds a = mlg_interval(&one.evidence, 0.95, MLG_METHOD_COUNT, 1);
        const struct mlg_bounds b = mlg_interval(&other.evidence, 0.95, MLG_METHOD_COUNT, 1);
        assert_int_equal(b.method, MLG_METHOD_LINEARISED);
        close_to(b.lower, a.lower);
        close_to(b.upper, a.upper);
    }
    measure_end(&one);
    measure_end(&other);
}

/* Nothing wrong, and next to nothing wrong: with weights, and in one of 60 clusters. */
static void test_a_small_mistake_moves_little(void **state)
{
    static const char *const right[] = {"1 1 100 1, 0 0 100 1", "1 1 100, 0 0 100"};
    static const char *const wrong[] = {"1 1 100 1, 0 0 100 1, 0 1 1 0.01", "1 1 100, 0 0 100, 0 1 1"};
    static const char *const checks[] = {"accuracy", "f1", "mcc", "balanced_accuracy"};
    const struct mlg_data *const sources[] = {&weighted, &clustered};
    (void)state;
    for (size_t source = 0; source < COUNT(sources); source++)
        for (size_t i = 0; i < COUNT(checks); i++) {
            struct measure before, after;
            double lower[2], upper[2];
            begin(&before, sources[source], right[source]);
            begin(&after, sources[source], wrong[source]);
            bounds_of(&before, checks[i], 0.95, 1, &lower[0], &upper[0]);
            bounds_of(&after, checks[i], 0.95, 1, &lower[1], &upper[1]);
            if (!(lower[1] <= lower[0] + 1e-9 && lower[1] >= lower[0] - 0.03))
                fail_msg("%s: %.6g without a mistake, %.6g with one", checks[i], lower[0], lower[1]);
            measure_end(&before);
            measure_end(&after);
        }
}

static void test_more_rows_narrow_the_bounds(void **state)
{
    static const char cells[] = "1 1 60, 0 1 3, 1 0 1, 0 0 40";
    static const char *const checks[] = {"mcc", "f1", "balanced_accuracy", "f1(macro)"};
    struct measure measure;
    (void)state;
    begin(&measure, &plain, cells);
    for (size_t i = 0; i < COUNT(checks); i++) {
        double lower = 0, upper = 1;
        for (double multiplier = 1; multiplier < 100; multiplier *= 2) {
            double low, high;
            bounds_of(&measure, checks[i], 0.95, multiplier, &low, &high);
            assert_true(low > lower && high < upper && low <= high);
            lower = low;
            upper = high;
        }
    }
    measure_end(&measure);
}

/* No matter how sure one wants to be: there is always a wider bound. */
static void test_bounds_widen_with_confidence(void **state)
{
    static const char cells[] = "1 1 60, 0 1 3, 1 0 1, 0 0 40";
    struct measure measure;
    double last = 1;
    (void)state;
    begin(&measure, &plain, cells);
    for (double alpha = 0.1; alpha > 1e-14; alpha /= 10) {
        double lower, upper;
        bounds_of(&measure, "f1(macro)", 1 - alpha, 1, &lower, &upper);
        assert_true(lower < last);
        last = lower;
    }
    measure_end(&measure);
}

/* ---- delta -------------------------------------------------------------------------------------- */

/* Tables of methods in Fagerland, Lydersen and Laake 2014 and Tango 1998: a both right, b only the candidate,
 * c only the baseline, d neither; 95 % two-sided, made with 40 digits. */
struct tango_row {
    const char *name;
    unsigned a, b, c, d;
    double lower, upper;
};

static const struct tango_row tango_rows[] = {
    {"Tango's interval of 20, 12, 2, 16", 20, 12, 2, 16, 0.061112406186344, 0.344708748282149},
    {"Tango's interval of 1, 1, 7, 12", 1, 1, 7, 12, -0.517232276421377, -0.0260030324808685},
    {"Tango's interval of 53, 16, 8, 9", 53, 16, 8, 9, -0.0196589227190508, 0.206910770622001},
};

static char *paired_text(const struct tango_row *row)
{
    char *text = malloc(32 * (row->a + row->b + row->c + row->d) + 64), *at = text;
    assert_non_null(text);
    const unsigned counts[4] = {row->a, row->b, row->c, row->d};
    const char *const cells[4] = {"1,1,1", "1,1,0", "0,1,0", "1,0,0"};
    unsigned id = 0;
    at += sprintf(at, "id,y,p,q\n");
    for (size_t i = 0; i < 4; i++)
        for (unsigned k = 0; k < counts[i]; k++)
            at += sprintf(at, "%u,%s\n", id++, cells[i]);
    return text;
}

static const struct mlg_data candidate = {DATA, .id = "id"};
static const struct mlg_data baseline = {
    .name = "old", .path = "t.csv", .label = "y", .prediction = "q", .id = "id", .threshold = 0.5};

static void test_tango(void **state)
{
    const struct tango_row *row = *state;
    struct measure measure;
    double lower, upper;
    char *text = paired_text(row);
    measure_begin(&measure, &candidate);
    measure.baseline = &baseline;
    world_memory_text(&measure.world, "t.csv", text);
    free(text);
    const double n = row->a + row->b + row->c + row->d;
    if (measure_check(&measure, "delta(accuracy)") != MLG_OK)
        fail_msg("%s", measure.error.text);
    assert_true(fabs(measure.evidence.value - ((double)row->b - row->c) / n) < 1e-15);
    assert_int_equal(measure.evidence.method, MLG_METHOD_TANGO);
    measure.evidence.bounds(measure.evidence.state, 0.975, 1, &lower, &upper);
    assert_true(fabs(lower - row->lower) < 1e-12);
    assert_true(fabs(upper - row->upper) < 1e-12);
    assert_int_equal(measure_check(&measure, "delta(zero_one_loss)"), MLG_OK);
    measure.evidence.bounds(measure.evidence.state, 0.975, 1, &lower, &upper);
    assert_true(fabs(lower + row->upper) < 1e-12);
    assert_true(fabs(upper + row->lower) < 1e-12);
    measure_end(&measure);
}

static void test_delta_of_equal_answers_has_a_width(void **state)
{
    static const char text[] = "id,y,p,q\n1,1,1,1\n2,0,0,0\n3,1,0,0\n4,0,1,1\n5,1,1,1\n";
    struct measure measure;
    (void)state;
    measure_begin(&measure, &candidate);
    measure.baseline = &baseline;
    world_memory_text(&measure.world, "t.csv", text);
    static const char *const checks[] = {"delta(accuracy)", "delta(f1)"};
    for (size_t i = 0; i < COUNT(checks); i++) {
        double lower, upper;
        bounds_of(&measure, checks[i], 0.95, 1, &lower, &upper);
        assert_true(measure.evidence.value == 0);
        assert_true(lower < -0.2 && upper > 0.2);
    }
    measure_end(&measure);
}

/* f1 of 0.8 and of 0.7. */
static void test_delta_of_counts_is_exact(void **state)
{
    struct mlg_decimal limit;
    struct measure measure;
    char text[1 << 10] = "id,y,p,q\n", *at = text + strlen(text);
    (void)state;
    for (unsigned id = 0; id < 20; id++)
        at += sprintf(at, "%u,%u,%u,%u\n", id, id < 10, id < 8 || id > 17, id < 7 || id > 16);
    measure_begin(&measure, &candidate);
    measure.baseline = &baseline;
    world_memory_text(&measure.world, "t.csv", text);
    static const char *const checks[] = {"delta(f1)", "delta(recall)", "delta(accuracy)"};
    static const char *const limits[] = {"0.1", "10%", "0.1"};
    for (size_t i = 0; i < COUNT(checks); i++) {
        assert_true(mlg_decimal_parse(limits[i], strlen(limits[i]), &limit));
        assert_int_equal(measure_check(&measure, checks[i]), MLG_OK);
        assert_true(measure.evidence.value == 0.1);
        assert_true(mlg_meets(&measure.evidence, MLG_AT_LEAST, &limit));
        assert_true(mlg_meets(&measure.evidence, MLG_AT_MOST, &limit));
    }
    measure_end(&measure);
}

static void test_delta_tells_whose_value_is_undefined(void **state)
{
    static const char text[] = "id,y,p,q\n1,1,1,0\n2,0,0,0\n3,1,0,0\n";
    struct measure measure;
    (void)state;
    measure_begin(&measure, &candidate);
    measure.baseline = &baseline;
    world_memory_text(&measure.world, "t.csv", text);
    assert_int_equal(measure_check(&measure, "delta(precision)"), MLG_OK);
    assert_int_equal(measure.evidence.kind, MLG_UNDEFINED);
    assert_string_equal(measure.evidence.reason,
                        "the baseline's precision: no rows are predicted '1' in 3 rows");
    measure_end(&measure);
}

static void test_delta_of_a_slice(void **state)
{
    static const char text[] = "id,y,p,q,g\n4,1,1,0,b\n1,1,1,1,a\n2,0,0,1,b\n3,1,0,1,a\n5,1,1,1,b\n";
    struct measure measure;
    (void)state;
    measure_begin(&measure, &candidate);
    measure.baseline = &baseline;
    measure.slice_column = "g";
    measure.slice = 1;
    world_memory_text(&measure.world, "t.csv", text);
    if (measure_check(&measure, "delta(accuracy)") != MLG_OK)
        fail_msg("%s", measure.error.text);
    assert_true(fabs(measure.evidence.value - 2. / 3) < 1e-15);
    assert_int_equal(measure.evidence.n, 3);
    if (measure_check(&measure, "delta(f1)") != MLG_OK)
        fail_msg("%s", measure.error.text);
    assert_true(fabs(measure.evidence.value - (1 - 0.5)) < 1e-15);
    measure_end(&measure);
}

/* ---- selection without labels -------------------------------------------------------------------- */

static void test_selection_needs_no_labels(void **state)
{
    static const struct mlg_data sources[] = {
        {.name = "test", .path = "t.csv", .prediction = "p", .positive = "1", .threshold = 0.5},
        {.name = "test", .path = "t.csv", .score.column = "p", .positive = "1", .threshold = 0.5},
        {.name = "test", .path = "t.csv", .prediction = "p", .positive = "1", .cluster = "c"},
        {.name = "test", .path = "t.csv", .prediction = "p", .positive = "1", .weight = "w"}};
    (void)state;
    for (size_t i = 0; i < COUNT(sources); i++) {
        struct measure measure;
        measure_begin(&measure, &sources[i]);
        world_memory_text(&measure.world, "t.csv", "p,c,w\n1,a,2\n0,b,2\n1,c,2\n1,d,2\n");
        if (measure_check(&measure, "selection_rate") != MLG_OK)
            fail_msg("%s", measure.error.text);
        assert_true(measure.evidence.value == 0.75);
        measure_end(&measure);
    }
}

/* ---- ranges ---------------------------------------------------------------------------------------- */

static void test_ranges_depend_on_arguments(void **state)
{
    static const struct mlg_data one_score = {.score.column = "s"};
    static const struct {
        const char *check;
        const struct mlg_data *data;
        double minimum, maximum;
    } rows[] = {{"balanced_accuracy", NULL, 0, 1},
                {"balanced_accuracy(adjusted=true)", NULL, -1, 1},
                {"delta(balanced_accuracy)", NULL, -1, 1},
                {"brier", NULL, 0, 2},
                {"brier", &one_score, 0, 1},
                {"mcc", NULL, -1, 1}};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mlg_arena arena;
        struct mlg_check check;
        struct mlg_call call;
        struct mlg_error error = {0};
        double minimum, maximum;
        mlg_arena_init(&arena, 0);
        assert_int_equal(mlg_check_parse(rows[i].check, strlen(rows[i].check), &arena, &check, &error),
                         MLG_OK);
        assert_int_equal(mlg_call_resolve(&check, &arena, &call, &error), MLG_OK);
        mlg_call_range(&call, rows[i].data, &minimum, &maximum);
        assert_true(minimum == rows[i].minimum && maximum == rows[i].maximum);
        mlg_arena_free(&arena);
    }
}

/* ---- weights at the door --------------------------------------------------------------------------- */

static void test_extreme_weights_are_refused(void **state)
{
    static const char *const texts[] = {"y,p,w\n1,1,1\n0,0,1e160\n", "y,p,w\n1,1,1\n0,0,1e-165\n",
                                        "y,p,w\n1,1,1\n0,0,-1\n"};
    static const char *const whys[] = {"is too large", "is too small", "is negative"};
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct measure measure;
        measure_begin(&measure, &weighted);
        world_memory_text(&measure.world, "t.csv", texts[i]);
        assert_int_equal(measure_check(&measure, "accuracy"), MLG_DATA);
        assert_non_null(strstr(measure.error.text, whys[i]));
        measure_end(&measure);
    }
}

/* ---- clusters ----------------------------------------------------------------------------------- */

static void test_few_clusters_are_told(void **state)
{
    static const char text[] = "y,p,c\n1,1,a\n0,1,b\n1,0,c\n1,1,c\n";
    struct measure measure;
    (void)state;
    measure_begin(&measure, &clustered);
    world_memory_text(&measure.world, "t.csv", text);
    assert_int_equal(measure_check(&measure, "accuracy"), MLG_OK);
    assert_int_equal(measure.evidence.method, MLG_METHOD_CLUSTER);
    assert_true(measure.evidence.degrees == 1); /* of 1, 1 and 2 rows: about 2 that carry */
    assert_string_equal(measure.evidence.note, "fewer than 20 clusters");
    measure_end(&measure);
}

static void test_one_cluster_has_no_interval(void **state)
{
    static const char text[] = "y,p,c\n1,1,a\n0,1,a\n";
    struct measure measure;
    (void)state;
    measure_begin(&measure, &clustered);
    world_memory_text(&measure.world, "t.csv", text);
    assert_int_equal(measure_check(&measure, "accuracy"), MLG_OK);
    assert_int_equal(measure.evidence.kind, MLG_VALUE_ONLY);
    assert_int_equal(measure.evidence.method, MLG_METHOD_NONE);
    assert_true(measure.evidence.value == 0.5);
    measure_end(&measure);
}

/* Every row a cluster of its own: the sandwich is the plain variance times n/(n-1). */
static void test_clusters_of_one_row(void **state)
{
    static const char text[] = "y,p,c\n1,1,a\n0,1,b\n1,0,c\n1,1,d\n0,0,e\n";
    struct measure measure;
    (void)state;
    measure_begin(&measure, &clustered);
    world_memory_text(&measure.world, "t.csv", text);
    assert_int_equal(measure_check(&measure, "accuracy"), MLG_OK);
    assert_true(fabs(measure.evidence.standard_error - sqrt(0.6 * 0.4 / 4)) < 1e-15);
    measure_end(&measure);
}

/* ---- all ---------------------------------------------------------------------------------------- */

int main(void)
{
    struct measure_expected *expected;
    const size_t expected_count = measure_expected_read(MLG_SOURCE_DIR "/tests/oracles", families, &expected);
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(test_constant_names_the_answer),
        cmocka_unit_test(test_unknown_class),
        cmocka_unit_test(test_slice_is_its_own_table),
        cmocka_unit_test(test_f1_is_bounded_as_jaccard_is),
        cmocka_unit_test(test_agreement_is_bounded_as_accuracy_is),
        cmocka_unit_test(test_many_rows_are_bounded_by_the_delta_method),
        cmocka_unit_test(test_few_errors_count_as_the_farthest),
        cmocka_unit_test(test_more_rows_narrow_the_bounds),
        cmocka_unit_test(test_a_small_mistake_moves_little),
        cmocka_unit_test(test_bounds_widen_with_confidence),
        cmocka_unit_test(test_balanced_accuracy_adds_its_classes),
        cmocka_unit_test(test_equal_weights_are_no_weights),
        cmocka_unit_test(test_delta_of_equal_answers_has_a_width),
        cmocka_unit_test(test_delta_of_counts_is_exact),
        cmocka_unit_test(test_delta_tells_whose_value_is_undefined),
        cmocka_unit_test(test_delta_of_a_slice),
        cmocka_unit_test(test_selection_needs_no_labels),
        cmocka_unit_test(test_ranges_depend_on_arguments),
        cmocka_unit_test(test_extreme_weights_are_refused),
        cmocka_unit_test(test_few_clusters_are_told),
        cmocka_unit_test(test_one_cluster_has_no_interval),
        cmocka_unit_test(test_clusters_of_one_row),
    };
    const size_t room = expected_count + COUNT(exact_rows) + COUNT(undefined_rows) + COUNT(value_rows) +
                        COUNT(tango_rows) + COUNT(others);
    struct CMUnitTest *tests = calloc(room, sizeof *tests);
    size_t count = 0;
    if (!tests)
        return 1;
    NAMED_ROWS_READ(tests, count, expected, expected_count, measure_expected_test);
    NAMED_ROWS(tests, count, undefined_rows, test_undefined);
    NAMED_ROWS(tests, count, exact_rows, test_exactly_at_the_limit);
    NAMED_ROWS(tests, count, value_rows, test_value);
    NAMED_ROWS(tests, count, tango_rows, test_tango);
    for (size_t i = 0; i < COUNT(others); i++)
        tests[count++] = others[i];
    (void)room;
    int failed = _cmocka_run_group_tests("metric counts", tests, count, NULL, NULL);
    free(tests);
    free(expected);
    return failed;
}
