/* The table of metrics, and what the words of a check mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "named_rows.h"

/* ---- mistakes ----------------------------------------------------------------------------------- */

struct mistake_row {
    const char *name, *check, *text;
    unsigned column;
};

static const struct mistake_row mistakes[] = {
    {"an unknown quantity names the nearest", "acuracy >= 0.9",
     "unknown quantity 'acuracy'; did you mean 'accuracy'?", 1},
    {"an unknown quantity near an alias names the alias", "f1_scor",
     "unknown quantity 'f1_scor'; did you mean 'f1_score'?", 1},
    {"an unknown quantity near nothing says where to look", "zzzzzzzzzz",
     "unknown quantity 'zzzzzzzzzz'; 'mlgate list' shows them all", 1},
    {"an unknown argument names the nearest", "f1(averge=macro)",
     "'f1' has no argument 'averge'; did you mean 'average'?", 11},
    {"an unknown argument near nothing names all", "f1(zzzzzz=1)",
     "'f1' has no argument 'zzzzzz'; it takes 'average' and 'class'", 11},
    {"an argument where none is taken", "mae(3)", "'mae' takes no arguments, but '3' was given", 5},
    {"one value too many", "ece(5, 6)", "'6' is one argument too many for 'ece', which takes 'bins'", 8},
    {"an argument given twice", "f1(macro, average=micro)",
     "the argument 'average' of 'f1' is given twice; give one", 19},
    {"a class given as an average is told how to write it", "recall(yes)", "write class=yes", 8},
    {"a choice that is none", "cohen_kappa(weights=cubic)", "weights of 'cohen_kappa'", 21},
    {"a number that is none", "fbeta(beta=two)", "beta of 'fbeta'", 12},
    {"a number out of range", "pinball_loss(alpha=1.5)", "alpha of 'pinball_loss'", 20},
    {"no bins", "ece(bins=0)", "bins of 'ece'", 10},
    {"a required argument is missing", "fbeta >= 0.5", "'fbeta' needs its argument 'beta'", 1},
    {"class and average at once", "f1(average=macro, class=a)", "give class= or average=, not both", 1},
    {"delta of nothing", "delta >= 0", "'delta' needs the name of a metric first, such as delta(accuracy)",
     1},
    {"delta with an argument in front of the metric", "delta(average=macro)",
     "'delta' needs the name of a metric first", 1},
    {"delta of an unknown metric", "delta(f11)", "unknown quantity 'f11'; did you mean 'f1'?", 7},
    {"delta of delta", "delta(delta)", "'delta' cannot be taken of 'delta'", 7},
    {"delta of a count", "delta(rows)", "'rows' counts rows, and the rows are the same", 7},
    {"delta's metric is checked too", "delta(f1, averge=macro)", "did you mean 'average'?", 18},
    {"a constant score of what has none", "constant_score(mape)", "'mape' has no best constant answer", 16},
    {"a constant score that asks for all labels", "constant_score(mae)",
     "the best constant answer to 'mae' is a quantile of the labels", 16},
    {"Tweedie between 0 and 1", "d2_tweedie(0.3)", "'d2_tweedie' has no power between 0 and 1", 1},
};

static void test_mistake(void **state)
{
    const struct mistake_row *row = *state;
    struct measure measure;
    measure_begin(&measure, NULL);
    assert_int_equal(measure_resolve(&measure, row->check), MLG_CONFIG);
    if (!strstr(measure.error.text, row->text))
        fail_msg("it says '%s'", measure.error.text);
    assert_int_equal(measure.error.place.column, row->column);
    measure_end(&measure);
}

/* ---- what is meant ------------------------------------------------------------------------------ */

static const char *const scikit_learn[][2] = {{"accuracy_score", "accuracy"},
                                              {"f1_score", "f1"},
                                              {"balanced_accuracy_score", "balanced_accuracy"},
                                              {"matthews_corrcoef", "mcc"},
                                              {"cohen_kappa_score", "cohen_kappa"},
                                              {"mean_absolute_error", "mae"},
                                              {"mean_squared_error", "mse"},
                                              {"root_mean_squared_error", "rmse"},
                                              {"r2_score", "r2"},
                                              {"brier_score_loss", "brier"},
                                              {"ppv", "precision"},
                                              {"tpr", "recall"},
                                              {"tnr", "specificity"},
                                              {"mean_tweedie_deviance", "tweedie_deviance"},
                                              {"mean_pinball_loss", "pinball_loss"},
                                              {"for", "for"}};

static void test_aliases(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(scikit_learn); i++) {
        const struct mlg_metric *metric = mlg_metric_find(scikit_learn[i][0]);
        assert_non_null(metric);
        assert_string_equal(metric->name, scikit_learn[i][1]);
    }
    assert_null(mlg_metric_find("Accuracy"));
}

static void test_arguments(void **state)
{
    struct measure measure;
    (void)state;
    measure_begin(&measure, NULL);
    assert_int_equal(measure_resolve(&measure, "fbeta(2, macro) >= 0.5"), MLG_OK);
    assert_true(measure.call.arguments.beta == 2);
    assert_int_equal(measure.call.arguments.average, MLG_MACRO);
    assert_string_equal(measure.call.given[0], "beta");
    assert_string_equal(measure.call.given[1], "average");
    assert_null(measure.call.given[2]);
    assert_int_equal(measure_resolve(&measure, "recall(class='a b')"), MLG_OK);
    assert_string_equal(measure.call.arguments.class_name, "a b");
    assert_int_equal(measure.call.arguments.average, MLG_AVERAGE_DEFAULT);
    assert_int_equal(measure_resolve(&measure, "ece"), MLG_OK);
    assert_int_equal(measure.call.arguments.bins, 15);
    assert_null(measure.call.given[0]);
    assert_int_equal(measure_resolve(&measure, "balanced_accuracy(true)"), MLG_OK);
    assert_true(measure.call.arguments.adjusted);
    assert_int_equal(measure_resolve(&measure, "cohen_kappa(quadratic)"), MLG_OK);
    assert_int_equal(measure.call.arguments.weights, MLG_KAPPA_QUADRATIC);
    measure_end(&measure);
}

static void test_inner_arguments(void **state)
{
    struct measure measure;
    (void)state;
    measure_begin(&measure, NULL);
    assert_int_equal(measure_resolve(&measure, "delta(fbeta_score, 2, average=micro) >= -1%"), MLG_OK);
    assert_string_equal(measure.call.metric->name, "delta");
    assert_string_equal(measure.call.arguments.metric, "fbeta_score");
    assert_string_equal(measure.call.inner->metric->name, "fbeta");
    assert_true(measure.call.inner->arguments.beta == 2);
    assert_int_equal(measure.call.inner->arguments.average, MLG_MICRO);
    measure_end(&measure);
}

/* ---- the table ---------------------------------------------------------------------------------- */

static void test_names_are_unique(void **state)
{
    size_t count = 0;
    (void)state;
    for (const struct mlg_metric *const *metric = mlg_metrics; *metric; metric++, count++) {
        assert_ptr_equal(mlg_metric_find((*metric)->name), *metric);
        for (const char *const *alias = (*metric)->aliases; alias && *alias; alias++)
            assert_ptr_equal(mlg_metric_find(*alias), *metric);
    }
    assert_true(count >= 50);
}

static void test_rows_are_complete(void **state)
{
    (void)state;
    for (const struct mlg_metric *const *row = mlg_metrics; *row; row++) {
        const struct mlg_metric *metric = *row;
        const char *const texts[] = {metric->about, metric->definition, metric->undefined_when,
                                     metric->source};
        for (size_t i = 0; i < COUNT(texts); i++)
            if (!texts[i] || !texts[i][0] || texts[i][strlen(texts[i]) - 1] == '.')
                fail_msg("'%s' lacks a text, or one ends in a full stop", metric->name);
        assert_non_null(metric->evaluate);
        assert_true(metric->minimum < metric->maximum);
        assert_true(metric->method < MLG_METHOD_COUNT);
        bool required = metric->required_argument == NULL;
        for (const char *const *name = metric->arguments; name && *name; name++) {
            if (!mlg_params_find(mlg_metric_params, *name) ||
                !mlg_params_find(mlg_metric_rows_of(metric), *name))
                fail_msg("'%s' takes '%s', which no row declares", metric->name, *name);
            required = required || strcmp(*name, metric->required_argument) == 0;
        }
        assert_true(required);
    }
}

static void test_defaults_lie_in_range(void **state)
{
    (void)state;
    for (const struct mlg_param *row = mlg_metric_params; row->name; row++) {
        assert_non_null(row->help);
        if (row->kind != &mlg_kind_number && row->kind != &mlg_kind_share)
            continue;
        double value;
        memcpy(&value, (const char *)&mlg_metric_arguments_defaults + row->offset, sizeof value);
        assert_true(value >= row->minimum && value <= row->maximum);
    }
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(test_aliases),           cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_inner_arguments),   cmocka_unit_test(test_names_are_unique),
        cmocka_unit_test(test_rows_are_complete), cmocka_unit_test(test_defaults_lie_in_range),
    };
    static struct CMUnitTest tests[COUNT(mistakes) + COUNT(others)];
    size_t count = 0;
    NAMED_ROWS(tests, count, mistakes, test_mistake);
    for (size_t i = 0; i < COUNT(others); i++)
        tests[count++] = others[i];
    return _cmocka_run_group_tests("metric resolve", tests, count, NULL, NULL);
}
