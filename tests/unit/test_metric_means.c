/* Metrics that are means of losses, and calibration: values, standard errors, domains, large offsets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "mlgate/interval.h"
#include "named_rows.h"

static const char *const families[] = {"log_loss",
                                       "brier",
                                       "top_k_accuracy",
                                       "mae",
                                       "mse",
                                       "rmse",
                                       "mape",
                                       "msle",
                                       "mean_error",
                                       "pinball_loss",
                                       "tweedie_deviance",
                                       "r2",
                                       "explained_variance",
                                       "d2_tweedie",
                                       NULL};

#define DATA .name = "test", .path = "t.csv", .threshold = 0.5
static const struct mlg_data numbers = {DATA, .label = "y", .prediction = "f"};
static const struct mlg_data weighted = {DATA, .label = "y", .prediction = "f", .weight = "w"};
static const struct mlg_data clustered = {DATA, .label = "y", .prediction = "f", .cluster = "c"};
static const struct mlg_data scores = {DATA, .label = "y", .score.column = "s"};
static const struct mlg_data weighted_scores = {DATA, .label = "y", .score.column = "s", .weight = "w"};
static const struct mlg_data columns = {DATA, .label = "y", .score_prefix = "p_"};

/* ---- values ------------------------------------------------------------------------------------- */

struct value_row {
    const char *name;
    const struct mlg_data *data;
    const char *check, *table;
    double value, standard_error; /* standard error < 0: none */
    enum mlg_method method;
};

static const struct value_row value_rows[] = {
    {"log loss clips at the double's epsilon (scikit-learn: 18.02182669455858)", &scores, "log_loss",
     "y,s\n1,1\n0,1\n", 18.02182669455858, 18.02182669455858, MLG_METHOD_T_HALL},
    {"top-k prefers the later class among equal scores (scikit-learn: 2/3)", &columns, "top_k_accuracy(1)",
     "y,p_a,p_b,p_c\na,.4,.4,.2\nb,.4,.4,.2\nc,.3,.3,.4\n", 2. / 3, -1, MLG_METHOD_WILSON},
    {"Brier's score of two columns is that of one", &columns, "brier", "y,p_0,p_1\n1,.25,.75\n0,.5,.5\n",
     (0.0625 + 0.25) / 2, (0.25 - 0.0625) / 2, MLG_METHOD_T_HALL},
    {"Brier's score of three columns is not halved", &columns, "brier",
     "y,p_a,p_b,p_c\na,.5,.25,.25\nb,.5,.25,.25\n", (0.375 + 0.875) / 2, 0.25, MLG_METHOD_T_HALL},
    /* The first rows; one-pass variance in plain doubles gives a negative number for all of them. */
    {"NIST NumAcc4's spread survives its offset", &numbers, "mean_error",
     "y,f\n0,10000000.2\n0,10000000.1\n0,10000000.3\n0,10000000.1\n0,10000000.3\n", 10000000.2,
     0.044721359799895865, MLG_METHOD_T_HALL},
    {"weights of 2 and 1", &weighted, "mae", "y,f,w\n1,1,2\n1,4,1\n", 1, 1.7660550138359314,
     MLG_METHOD_LINEARISED},
    {"a row with most of the weight has no interval", &weighted, "mae", "y,f,w\n1,1,9\n1,4,1\n1,3,1\n",
     5. / 11, -1, MLG_METHOD_NONE},
    {"a bounded loss is bounded where one row has most of the weight", &weighted_scores, "brier",
     "y,s,w\n1,1,9\n0,.5,1\n1,.9,1\n", 0.26 / 11, -1, MLG_METHOD_CLOPPER_PEARSON},
    {"equal errors say nothing of r2, as of rmse", &numbers, "r2", "y,f\n1,1.5\n2,2.5\n4,4.5\n9,8.5\n",
     1 - 1. / 38, -1, MLG_METHOD_NONE},
    {"equal errors of either sign say nothing of explained variance", &numbers, "explained_variance",
     "y,f\n1,1.5\n2,2.5\n4,3.5\n9,8.5\n", 1 - 1. / 38, -1, MLG_METHOD_NONE},
    {"equal weighted errors say nothing of d2", &weighted, "d2_tweedie",
     "y,f,w\n1,1.5,1\n2,2.5,1\n4,4.5,2\n9,8.5,1\n", 1 - 1.25 / 38, -1, MLG_METHOD_NONE},
    {"one row has a value and no interval", &numbers, "mae", "y,f\n1,3\n", 2, -1, MLG_METHOD_NONE},
    {"equal losses without an upper end have no interval", &numbers, "mae", "y,f\n1,3\n2,4\n3,5\n", 2, -1,
     MLG_METHOD_NONE},
    {"equal weighted losses of decimal numbers have none", &weighted, "mae",
     "y,f,w\n0.5,0.6,.3\n0.5,0.6,.7\n", 0.09999999999999998, -1, MLG_METHOD_NONE},
    {"a perfect Brier score is bounded", &scores, "brier", "y,s\n1,1\n0,0\n1,1\n", 0, -1,
     MLG_METHOD_CLOPPER_PEARSON},
    {"a perfect weighted Brier score is bounded", &weighted_scores, "brier",
     "y,s,w\n1,1,.1\n0,0,.2\n1,1,.7\n", 0, -1, MLG_METHOD_CLOPPER_PEARSON},
    {"a log loss that is the same on every row is bounded by the largest there is", &scores, "log_loss",
     "y,s\n1,.5\n0,.5\n1,.5\n", 0.69314718055994531, -1, MLG_METHOD_CLOPPER_PEARSON},
    {"labels of 1e15 that differ by 1 have a spread", &numbers, "r2",
     "y,f\n1000000000000001,1000000000000001\n1000000000000003,1000000000000002\n"
     "999999999999999,999999999999999\n1000000000000000,1000000000000001\n",
     1 - 2 / 8.75, -1, MLG_METHOD_NONE},
    {"mape's denominator is never 0", &numbers, "mape", "y,f\n0,1\n1,1\n", 0.5 / 2.220446049250313e-16,
     0.5 / 2.220446049250313e-16, MLG_METHOD_T_HALL},
    {"r2 of the mean is 0, whatever the rows", &numbers, "r2", "y,f\n1,2\n2,2\n3,2\n", 0, -1,
     MLG_METHOD_NONE},
    {"explained variance forgives an offset", &numbers, "explained_variance", "y,f\n1,11\n2,12\n4,14\n", 1,
     -1, MLG_METHOD_NONE},
    {"binary top-1 asks for more than 0.5 of what looks like probabilities", &scores, "top_k_accuracy(k=1)",
     "y,s\n1,.6\n1,.5\n0,.5\n0,.1\n", 0.75, -1, MLG_METHOD_WILSON},
    {"binary top-1 asks for more than 0 of other scores", &scores, "top_k_accuracy(k=1)",
     "y,s\n1,.6\n1,.5\n0,.5\n0,-.1\n", 0.75, -1, MLG_METHOD_WILSON},
    {"calibration error of torchmetrics' example", &scores, "ece(bins=2)",
     "y,s\n0,.25\n0,.25\n1,.55\n1,.75\n1,.75\n", 0.29, -1, MLG_METHOD_FOLDED_NORMAL},
    {"calibration error of torchmetrics' example with three classes", &columns, "ece(3)",
     "y,p_0,p_1,p_2\n0,.25,.20,.55\n1,.55,.05,.40\n2,.10,.30,.60\n0,.90,.05,.05\n", 0.2, -1,
     MLG_METHOD_FOLDED_NORMAL},
    {"an edge belongs to the bin above it, and 1 to the last", &scores, "ece(2)", "y,s\n0,.5\n1,1\n0,0\n",
     0.5 / 3, -1, MLG_METHOD_FOLDED_NORMAL},
    {"the best constant log loss is the entropy of the base rate", &scores, "constant_score(log_loss)",
     "y,s\n1,.2\n0,.7\n0,.7\n0,.7\n", 0.5623351446188083, -1, MLG_METHOD_NONE},
};

static void test_value(void **state)
{
    const struct value_row *row = *state;
    struct measure measure;
    measure_begin(&measure, row->data);
    world_memory_text(&measure.world, "t.csv", row->table);
    if (measure_check(&measure, row->check) != MLG_OK)
        fail_msg("%s", measure.error.text);
    const struct mlg_evidence *evidence = &measure.evidence;
    assert_true(evidence->kind == MLG_VALUE_ONLY || !evidence->reason[0]);
    if (!(fabs(evidence->value - row->value) <= 1e-13 * fabs(row->value) + 1e-16))
        fail_msg("the value is %.17g", evidence->value);
    assert_int_equal(evidence->method, row->method);
    if (row->standard_error >= 0) {
        assert_int_equal(evidence->kind, MLG_NORMAL);
        if (!(fabs(evidence->standard_error - row->standard_error) <= 1e-12 * row->standard_error))
            fail_msg("the standard error is %.17g", evidence->standard_error);
        assert_true(row->standard_error > 0);
    }
    if (row->method == MLG_METHOD_NONE && evidence->kind != MLG_UNDEFINED)
        assert_true(evidence->kind == MLG_VALUE_ONLY && (evidence->note[0] || evidence->reason[0]));
    if (evidence->kind == MLG_BOUNDS) {
        double lower, upper;
        assert_int_equal(evidence->bounds(evidence->state, 0.95, 1, &lower, &upper), 0);
        assert_true(lower <= evidence->value && evidence->value <= upper && upper - lower > 0.05);
        assert_true(lower >= evidence->minimum && upper <= evidence->maximum);
    }
    measure_end(&measure);
}

/* ---- classes without rows ------------------------------------------------------------------------- */

static const struct mlg_data given_scores = {DATA, .label = "y", .score.column = "s", .positive = "1",
                                             .labels = {.items = (const char *[]){"0", "1"}, .count = 2}};
static const struct mlg_data given_weights = {
    DATA,          .label = "y",    .score.column = "s",
    .weight = "w", .positive = "1", .labels = {.items = (const char *[]){"0", "1"}, .count = 2}};

static const struct unseen_row {
    const char *name;
    const struct mlg_data *data;
    const char *check, *table, *reason; /* NULL: there are bounds */
} unseen_rows[] = {
    {"log loss has no bounds without positives", &given_scores, "log_loss", "y,s\n0,.1\n0,.2\n0,.1\n",
     "1 of 2 classes has none of the 3 rows, and what the loss on such rows is the others do not tell: bring "
     "rows of every class"},
    {"nor without negatives", &given_scores, "log_loss", "y,s\n1,.8\n1,.9\n1,.7\n",
     "1 of 2 classes has none"},
    {"one row of each class tells of both", &given_scores, "log_loss", "y,s\n0,.1\n0,.2\n1,.3\n", NULL},
    {"what has a largest loss has bounds without a class", &given_scores, "brier", "y,s\n0,.1\n0,.2\n0,.1\n",
     NULL},
    {"a positive row without weight is none", &given_weights, "log_loss", "y,s,w\n0,.1,1\n0,.2,2\n1,.3,0\n",
     "1 of 2 classes has none of the 2 rows"},
    {"of three classes one without rows", &columns, "log_loss",
     "y,p_a,p_b,p_c\na,.5,.3,.2\na,.6,.3,.1\nb,.2,.7,.1\nb,.2,.6,.2\n", "1 of 3 classes has none of the 4"},
    {"a class with one row stands for one without", &columns, "log_loss",
     "y,p_a,p_b,p_c\na,.5,.3,.2\na,.6,.3,.1\na,.7,.2,.1\nb,.2,.6,.2\n", NULL},
};

static void test_unseen(void **state)
{
    const struct unseen_row *row = *state;
    struct measure measure;
    measure_begin(&measure, row->data);
    world_memory_text(&measure.world, "t.csv", row->table);
    if (measure_check(&measure, row->check) != MLG_OK)
        fail_msg("%s", measure.error.text);
    const struct mlg_bounds bounds = mlg_interval(&measure.evidence, 0.95, MLG_METHOD_COUNT, 1);
    assert_int_equal(bounds.known, !row->reason);
    if (row->reason && strncmp(measure.evidence.reason, row->reason, strlen(row->reason)) != 0)
        fail_msg("the reason is '%s'", measure.evidence.reason);
    measure_end(&measure);
}

/* ---- bounds of uneven weights --------------------------------------------------------------------- */

struct uneven_row {
    const char *name;
    const struct mlg_data *data;
    const char *check, *table;
    double standard_error, degrees, lower, upper; /* degrees < 0: the bounds are not of one t */
};

/* numpy for the sums of family.c (tests/oracles/metrics.py, uneven_error), scipy 1.17's t.ppf(0.95) of the
 * fractional degrees of freedom, scipy's skew for Hall's quantile and the caution of interval.h. */
static const struct uneven_row uneven_rows[] = {
    {"four of ten rows that carry the weight are worth three degrees of freedom", &weighted, "mae",
     "y,f,w\n0,1,100\n0,2,100\n0,3,100\n0,6,100\n0,0,1\n0,1,1\n0,0,1\n0,2,1\n0,1,1\n0,0,1\n",
     1.2468167921105484, 3.0012000299820007, 0, 55.50524715082858},
    {"four heavy rows that agree leave the spread of the others", &weighted, "mae",
     "y,f,w\n0,1,100\n0,1,100\n0,1,100\n0,1,100\n0,0,1\n0,1,1\n0,0,1\n0,2,1\n0,3,1\n0,0,1\n",
     0.49651064544246526, 3.0012000299820007, 0, 5.6245905527930455},
    {"there is no less than one degree of freedom", &weighted, "mae", "y,f,w\n0,1,3\n0,2,2\n0,4,1\n",
     1.0689196690705496, 1, 0, 28.828906051973817},
    {"equal weights count as none", &weighted, "mae", "y,f,w\n0,1,.5\n0,2,.5\n0,4,.5\n", 0.8819171036881968,
     2, 0, 93.37003629196367},
    {"rows without weight are not there", &weighted, "mae", "y,f,w\n0,1,2\n0,2,2\n0,4,2\n0,9,0\n",
     0.8819171036881968, 2, 0, 93.37003629196367},
    {"rmse counts the same rows", &weighted, "rmse", "y,f,w\n0,1,3\n0,2,2\n0,4,1\n", 1.301924345229042, -1, 0,
     89.3773979922015},
    {"a large loss among small ones pulls up the upper bound", &numbers, "mae",
     "y,f\n0,1\n0,2\n0,1\n0,4\n0,1\n0,9\n", 1.2909944487358058, 5, 0, 118.022140545985},
    {"errors of the other sign pull down the lower bound", &numbers, "mean_error",
     "y,f\n1,0\n2,0\n1,0\n4,0\n1,0\n9,0\n", 1.2909944487358058, 5, -118.022140545985, 1.162266022251278},
    {"rmse is no better than the root of mse", &numbers, "rmse", "y,f\n0,1\n0,2\n0,1\n0,4\n0,1\n0,9\n",
     1.555593711375755, -1, 0, 33.19990680642408},
    {"r2 allows for wilder errors than normal ones", &numbers, "r2",
     "y,f\n0,1\n1,0\n2,4\n3,1\n4,4.5\n5,4.5\n6,7\n7,6\n8,8\n9,9\n10,11\n11,10\n12,14\n13,11\n14,14.5\n15,14."
     "5\n16,17\n17,16\n18,18\n19,19\n",
     0.012910276184150105, -1, 0.9001257388418706, 0.9882543733232766},
    {"a skewness drowned by its offset is none", &numbers, "mean_error",
     "y,f\n0,10000001\n0,10000002\n0,10000001\n0,10000004\n0,10000001\n0,10000009\n", 1.2909944487358058, 5,
     9999998.837733978, 10000007.162266022},
    {"clusters of even size are as many as there are", &clustered, "mae",
     "y,f,c\n0,1,a\n0,2,a\n0,4,b\n0,2,b\n0,9,c\n0,1,c\n", 1.0137937550497034, 2, 0, 15.209681344422645},
    {"clusters of uneven size are fewer", &clustered, "mae",
     "y,f,c\n0,1,a\n0,2,a\n0,4,a\n0,2,b\n0,9,b\n0,1,c\n", 1.367447253534527, 1, 0, 182.1921871429467},
};

static void test_uneven(void **state)
{
    const struct uneven_row *row = *state;
    struct measure measure;
    measure_begin(&measure, row->data);
    world_memory_text(&measure.world, "t.csv", row->table);
    if (measure_check(&measure, row->check) != MLG_OK)
        fail_msg("%s", measure.error.text);
    const struct mlg_evidence *evidence = &measure.evidence;
    const struct mlg_bounds bounds = mlg_interval(evidence, 0.95, MLG_METHOD_COUNT, 1);
    assert_true(bounds.known);
    if (!(fabs(evidence->standard_error - row->standard_error) <= 1e-12 * row->standard_error))
        fail_msg("the standard error is %.17g", evidence->standard_error);
    if (row->degrees >= 0 && !(fabs(evidence->degrees - row->degrees) <= 1e-9))
        fail_msg("the degrees of freedom are %.17g", evidence->degrees);
    if (!(fabs(bounds.lower - row->lower) <= 1e-9 &&
          fabs(bounds.upper - row->upper) <= 1e-9 * fabs(row->upper)))
        fail_msg("the bounds are %.17g and %.17g", bounds.lower, bounds.upper);
    measure_end(&measure);
}

/* ---- undefined, or refused ------------------------------------------------------------------------ */

struct refused_row {
    const char *name;
    const struct mlg_data *data;
    const char *check, *table;
    int code; /* MLG_OK: undefined */
    const char *text;
};

static const struct refused_row refused_rows[] = {
    {"r2 of constant labels is undefined, not 0 or 1", &numbers, "r2", "y,f\n0.1,1\n0.1,2\n0.1,2\n", MLG_OK,
     "all 3 labels are the same number"},
    {"weighted r2 of constant labels is undefined", &weighted, "r2", "y,f,w\n0.1,1,.3\n0.1,2,.7\n0.1,2,.9\n",
     MLG_OK, "all 3 labels are the same number"},
    {"explained variance of constant labels is undefined", &numbers, "explained_variance", "y,f\n3,1\n3,2\n",
     MLG_OK, "all 2 labels are the same number"},
    {"d2 of constant labels is undefined", &numbers, "d2_tweedie(power=1)", "y,f\n0.3,1\n0.3,2\n", MLG_OK,
     "all 2 labels are the same number"},
    {"r2 of one row is undefined", &numbers, "r2", "y,f\n3,1\n", MLG_OK, "one row alone has no spread"},
    {"top 2 of 2 is no question", &columns, "top_k_accuracy", "y,p_a,p_b\na,.4,.6\nb,.4,.6\n", MLG_OK,
     "every class is among the best 2 of 2; give a smaller k"},
    {"top 2 of one score column is no question", &scores, "top_k_accuracy", "y,s\n0,.4\n1,.6\n", MLG_OK,
     "every class is among the best 2 of 2; give a smaller k"},
    {"log loss of one column needs the positive class", &scores, "log_loss", "y,s\na,.4\nb,.6\n", MLG_OK,
     "'a', 'b'"},
    {"calibration error of one column needs the positive class", &scores, "ece", "y,s\na,.4\nb,.6\n", MLG_OK,
     "'a', 'b'"},
    {"msle refuses -1", &numbers, "msle", "y,f\n0,1\n-1,1\n", MLG_DATA,
     "msle takes labels and predictions above -1"},
    {"Poisson's deviance refuses a prediction of 0", &numbers, "tweedie_deviance(1)", "y,f\n0,1\n1,0\n",
     MLG_DATA, "takes predictions above 0"},
    {"Poisson's deviance refuses a negative label", &numbers, "tweedie_deviance(1)", "y,f\n0,1\n-1,1\n",
     MLG_DATA, "takes labels of 0 and above"},
    {"gamma's deviance refuses a label of 0", &numbers, "tweedie_deviance(2)", "y,f\n0,1\n1,1\n", MLG_DATA,
     "takes labels above 0"},
    {"no power between 0 and 1", &numbers, "tweedie_deviance(0.5)", "y,f\n0,1\n1,1\n", MLG_CONFIG,
     "'tweedie_deviance' has no power between 0 and 1, but 0.5 was given"},
};

static void test_refused(void **state)
{
    const struct refused_row *row = *state;
    struct measure measure;
    measure_begin(&measure, row->data);
    world_memory_text(&measure.world, "t.csv", row->table);
    int code = measure_check(&measure, row->check);
    const char *text = code == MLG_OK ? measure.evidence.reason : measure.error.text;
    if (!strstr(text, row->text))
        fail_msg("it says '%s'", text);
    assert_int_equal(code, row->code);
    if (code == MLG_OK)
        assert_int_equal(measure.evidence.kind, MLG_UNDEFINED);
    measure_end(&measure);
}

/* ---- calibration of the 71 rows ------------------------------------------------------------------- */

static void test_calibration_of_71_rows(void **state)
{
    static const struct {
        const char *check, *weight;
        double value;
    } rows[] = {{"ece(10)", NULL, 0.3816223418309859},
                {"ece(bins=10)", "s_w", 0.3928838145323742},
                {"ece", NULL, 0.383068591971831},
                {"ece", "s_w", 0.4046987726618704}};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct mlg_data data = {.name = "71",
                                      .path = "f.csv",
                                      .label = "y_t",
                                      .score.column = "y_score",
                                      .weight = rows[i].weight,
                                      .threshold = 0.5};
        struct measure measure;
        double lower, upper;
        measure_begin(&measure, &data);
        assert_true(
            world_memory_load(&measure.world, "f.csv", MLG_SOURCE_DIR "/tests/oracles/fairlearn71.csv"));
        if (measure_check(&measure, rows[i].check) != MLG_OK)
            fail_msg("%s", measure.error.text);
        assert_true(fabs(measure.evidence.value - rows[i].value) < 1e-14);
        assert_int_equal(measure.evidence.bounds(measure.evidence.state, 0.95, 1, &lower, &upper), 0);
        assert_true(0 < lower && lower < rows[i].value && rows[i].value < upper && upper < 1);
        measure_end(&measure);
    }
}

static void test_calibration_in_clusters_has_no_interval(void **state)
{
    const struct mlg_data data = {DATA, .label = "y", .score.column = "s", .cluster = "c"};
    struct measure measure;
    (void)state;
    measure_begin(&measure, &data);
    world_memory_text(&measure.world, "t.csv", "y,s,c\n1,.5,a\n0,.25,b\n1,.75,c\n");
    assert_int_equal(measure_check(&measure, "ece"), MLG_OK);
    assert_int_equal(measure.evidence.kind, MLG_VALUE_ONLY);
    assert_int_equal(measure.evidence.method, MLG_METHOD_NONE);
    assert_true(measure.evidence.note[0] != '\0');
    measure_end(&measure);
}

/* ---- large offsets -------------------------------------------------------------------------------- */

/* Labels and predictions 10^6 higher: errors are the same numbers, and so are r2 and its standard error. */
static void test_offset_changes_nothing(void **state)
{
    static const char near[] = "y,f,w,c\n1,2,1,1\n2,2,3,2\n4,3,2,3\n8,6,1,4\n7,9,2,5\n";
    static const char far[] = "y,f,w,c\n1000001,1000002,1,1\n1000002,1000002,3,2\n1000004,1000003,2,3\n"
                              "1000008,1000006,1,4\n1000007,1000009,2,5\n";
    static const char *const checks[] = {"r2", "explained_variance", "mse", "d2_tweedie"};
    static const struct mlg_data *const sources[] = {&numbers, &weighted, &clustered};
    (void)state;
    for (size_t s = 0; s < COUNT(sources); s++)
        for (size_t i = 0; i < COUNT(checks); i++) {
            double value[2], error[2];
            for (size_t t = 0; t < 2; t++) {
                struct measure measure;
                measure_begin(&measure, sources[s]);
                world_memory_text(&measure.world, "t.csv", t ? far : near);
                if (measure_check(&measure, checks[i]) != MLG_OK)
                    fail_msg("%s", measure.error.text);
                value[t] = measure.evidence.value;
                error[t] = measure.evidence.standard_error;
                measure_end(&measure);
            }
            assert_true(error[0] > 0);
            if (!(fabs(value[0] - value[1]) <= 1e-13 && fabs(error[0] - error[1]) <= 1e-7 * error[0]))
                fail_msg("%s: %.17g and %.17g, +- %.17g and %.17g", checks[i], value[0], value[1], error[0],
                         error[1]);
        }
}

/* Standard errors contain fourth powers: where these drown, none is claimed. */
static void test_a_drowned_interval_is_none(void **state)
{
    struct measure measure;
    (void)state;
    measure_begin(&measure, &numbers);
    world_memory_text(&measure.world, "t.csv",
                      "y,f\n1000000001,1000000002\n1000000002,1000000002\n1000000004,1000000003\n");
    assert_int_equal(measure_check(&measure, "r2"), MLG_OK);
    assert_true(fabs(measure.evidence.value - (1 - 2 / (14. / 3))) < 1e-14);
    assert_int_equal(measure.evidence.kind, MLG_VALUE_ONLY);
    assert_int_equal(measure.evidence.method, MLG_METHOD_NONE);
    assert_string_equal(measure.evidence.note,
                        "the labels are too large beside their spread for an interval");
    measure_end(&measure);
}

int main(void)
{
    struct measure_expected *expected;
    const size_t expected_count = measure_expected_read(MLG_SOURCE_DIR "/tests/oracles", families, &expected);
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(test_calibration_of_71_rows),
        cmocka_unit_test(test_calibration_in_clusters_has_no_interval),
        cmocka_unit_test(test_offset_changes_nothing),
        cmocka_unit_test(test_a_drowned_interval_is_none),
    };
    struct CMUnitTest *tests = calloc(expected_count + COUNT(value_rows) + COUNT(uneven_rows) +
                                          COUNT(unseen_rows) + COUNT(refused_rows) + COUNT(others),
                                      sizeof *tests);
    size_t count = 0;
    if (!tests)
        return 1;
    NAMED_ROWS_READ(tests, count, expected, expected_count, measure_expected_test);
    NAMED_ROWS(tests, count, value_rows, test_value);
    NAMED_ROWS(tests, count, uneven_rows, test_uneven);
    NAMED_ROWS(tests, count, unseen_rows, test_unseen);
    NAMED_ROWS(tests, count, refused_rows, test_refused);
    for (size_t i = 0; i < COUNT(others); i++)
        tests[count++] = others[i];
    int failed = _cmocka_run_group_tests("metric means", tests, count, NULL, NULL);
    free(tests);
    free(expected);
    return failed;
}
