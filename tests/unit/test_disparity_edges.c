/* The fairness gate where there is little or nothing to divide by: what is undefined is told with its group
 * and is never a pass; what is defined after all; checks that mean nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grouped_rows.h"
#include "mlgate/disparity.h"
#include "named_rows.h"
#include "suite_run.h"

static void judge(struct suite_run *run, const char *cells, const char *roles, const char *gate,
                  const char *check)
{
    char yaml[2000];
    char *text = grouped_rows(cells);
    suite_run_begin(run);
    world_memory_text(&run->world, "t.csv", text);
    free(text);
    snprintf(yaml, sizeof yaml,
             "version: 1\ndata: {t: {path: t.csv, label: y, prediction: p, allow_constant: true%s%s}}\n"
             "gates: [{gate: fairness, attributes: [g]%s%s, checks: ['%s']}]\n",
             roles ? ", " : "", roles ? roles : "", gate ? ", " : "", gate ? gate : "", check);
    suite_run_judge(run, yaml);
}

static const struct mlg_check_result *only_check(const struct suite_run *run)
{
    assert_int_equal(run->results.gate_count, 1);
    const struct mlg_gate_result *gate = &run->results.gates[0];
    if (gate->error)
        fail_msg("%s", gate->error);
    assert_int_equal(gate->check_count, 1);
    return &gate->checks[0];
}

/* ---- undefined ---------------------------------------------------------------------------------- */

struct undefined_row {
    const char *name, *check, *cells, *reason; /* reason: a part of it */
    const char *roles, *gate;                  /* NULL: none */
};

#define NO_POSITIVES_IN_B "a 1 1 60, a 1 0 20, a 0 0 80, b 0 1 30, b 0 0 90"
#define NO_NEGATIVES_IN_B "a 1 1 60, a 1 0 20, a 0 0 80, a 0 1 9, b 1 1 30, b 1 0 90"
#define NONE_SELECTED "a 1 0 60, a 0 0 80, b 1 0 30, b 0 0 90"
#define NONE_SELECTED_IN_B "a 1 1 60, a 0 1 20, a 0 0 20, b 1 0 30, b 0 0 90"
#define NO_FALSE_ALARMS "a 1 1 60, a 1 0 20, a 0 0 80, b 1 1 30, b 1 0 10, b 0 0 90"
#define TWO_GOOD "a 1 1 60, a 1 0 20, a 0 0 80, a 0 1 9, b 1 1 30, b 1 0 10, b 0 0 90, b 0 1 8"
static const char positives_of_b[] = "tpr of g=b is undefined: no rows are labelled '1' in 120 rows";
static const char negatives_of_b[] = "g=b is undefined: no rows are labelled other than '1' in 120 rows";

static const struct undefined_row undefined_rows[] = {
    {"tpr_difference names the group without positives", "tpr_difference <= 0.9", NO_POSITIVES_IN_B,
     positives_of_b, NULL, NULL},
    {"so does tpr_ratio", "tpr_ratio >= 0.1", NO_POSITIVES_IN_B, positives_of_b, NULL, NULL},
    {"so does equal opportunity", "equal_opportunity_difference <= 0.9", NO_POSITIVES_IN_B, positives_of_b,
     NULL, NULL},
    {"so does the worst group", "tpr_group_min >= 0.1", NO_POSITIVES_IN_B, positives_of_b, NULL, NULL},
    {"so does the best group", "tpr_group_max <= 1", NO_POSITIVES_IN_B, positives_of_b, NULL, NULL},
    {"so does a comparison with all rows", "tpr_difference(method=to_overall) <= 0.9", NO_POSITIVES_IN_B,
     positives_of_b, NULL, NULL},
    {"so does a comparison with a reference", "tpr_signed_difference(reference=a) >= -0.9", NO_POSITIVES_IN_B,
     positives_of_b, NULL, NULL},
    {"the reference itself may be it", "tpr_signed_difference(reference=b) >= -0.9", NO_POSITIVES_IN_B,
     positives_of_b, NULL, NULL},
    {"fnr_difference has no positives either", "fnr_difference <= 0.9", NO_POSITIVES_IN_B,
     "fnr of g=b is undefined: no rows are labelled '1'", NULL, NULL},
    {"equalized odds fall with one rate: positives", "equalized_odds_difference <= 0.9", NO_POSITIVES_IN_B,
     positives_of_b, NULL, NULL},
    {"equalized odds fall with one rate: negatives", "equalized_odds_difference <= 0.9", NO_NEGATIVES_IN_B,
     negatives_of_b, NULL, NULL},
    {"and so does their mean", "average_odds_difference <= 0.9", NO_NEGATIVES_IN_B, negatives_of_b, NULL,
     NULL},
    {"fpr_difference names the group without negatives", "fpr_difference <= 0.9", NO_NEGATIVES_IN_B,
     "fpr of g=b is undefined", NULL, NULL},
    {"tnr_ratio names it too", "tnr_ratio >= 0.1", NO_NEGATIVES_IN_B, "tnr of g=b is undefined", NULL, NULL},
    {"ppv_difference names the group that is never selected", "ppv_difference <= 1", NONE_SELECTED_IN_B,
     "ppv of g=b is undefined: no rows are predicted '1' in 120 rows", NULL, NULL},
    {"fdr_ratio names it too", "fdr_ratio >= 0", NONE_SELECTED_IN_B, "fdr of g=b is undefined", NULL, NULL},
    {"npv_difference names the group that is always selected", "npv_difference <= 1",
     "a 1 1 9, a 0 0 9, b 1 1 9, b 0 1 9", "npv of g=b is undefined: no rows are predicted other than '1'",
     NULL, NULL},
    {"point decides nothing where nothing is defined", "tpr_difference <= 1", NO_POSITIVES_IN_B,
     positives_of_b, NULL, "decide: point"},
    {"one group is no comparison", "selection_rate_difference <= 1", "a 1 1 9, a 0 0 9",
     "there is one group alone, g=a; nothing to compare it with", NULL, NULL},
    {"nor is what is left of two", "selection_rate_ratio >= 0", TWO_GOOD,
     "there is one group alone, g=a; nothing to compare it with", NULL,
     "exclude: [{group: {g: b}, reason: pilot}]"},
    {"all left out is no pass", "selection_rate_group_min >= 0", TWO_GOOD, "no group is left to compare",
     NULL, "exclude: [{group: {g: b}, reason: pilot}, {group: {g: a}, reason: pilot}]"},
    {"a ratio of nothing to nothing", "selection_rate_ratio >= 0", NONE_SELECTED,
     "every group has 0, and 0/0 is no ratio", NULL, NULL},
    {"not even in points", "selection_rate_ratio >= 0", NONE_SELECTED,
     "every group has 0, and 0/0 is no ratio", NULL, "decide: point"},
    {"equalized odds do not leave a rate out that has no ratio", "equalized_odds_ratio >= 0.5",
     NO_FALSE_ALARMS, "fpr: every group has 0, and 0/0 is no ratio", NULL, "decide: point"},
    {"nor does their mean", "equalized_odds_ratio(agg=mean) >= 0.5", NO_FALSE_ALARMS,
     "fpr: every group has 0, and 0/0 is no ratio", NULL, "decide: point"},
    {"nor against all rows", "equalized_odds_ratio(method=to_overall) >= 0.5", NO_FALSE_ALARMS,
     "fpr: every group has 0, and 0/0 is no ratio", NULL, "decide: point"},
    {"no number is a multiple of a reference of 0", "selection_rate_ratio(reference=b) >= 0.8",
     NONE_SELECTED_IN_B,
     "selection_rate of the reference g=b is 0 (0 of 120 rows), and nothing is a share of 0", NULL,
     "decide: point"},
    {"of the same in one rate of two", "equalized_odds_ratio(reference=b) >= 0.8",
     "a 1 1 9, a 0 1 9, a 0 0 9, b 1 1 9, b 0 0 9",
     "fpr of the reference g=b is 0 (0 of 9 rows), and nothing is a share of 0", NULL, "decide: point"},
    {"a reference that no row has", "selection_rate_ratio(reference=c) >= 0.8", TWO_GOOD,
     "no group of g is the reference 'c'; groups are 'a' and 'b'", NULL, NULL},
    {"a reference that is left out", "selection_rate_ratio(reference=b) >= 0.8", TWO_GOOD,
     "the reference group g=b does not count: left out: pilot", NULL,
     "exclude: [{group: {g: b}, reason: pilot}]"},
    {"treatment equality without false alarms", "treatment_equality_difference <= 100",
     "a 1 1 60, a 1 0 20, a 0 1 3, b 1 1 30, b 1 0 10, b 0 0 90", "g=b has no false positives to divide by",
     NULL, NULL},
    {"theil where all are missed", "theil <= 100", "a 1 0 9, b 1 0 9",
     "every benefit is 0: all rows are missed positives", "positive: 1, labels: [0, 1]", NULL},
    {"a logarithm of nothing", "generalized_entropy(alpha=0) <= 100", TWO_GOOD,
     "some benefit is 0, and alpha is not above 0", NULL, NULL},
    {"a negative power of nothing", "generalized_entropy(alpha=-1) <= 100", TWO_GOOD,
     "some benefit is 0, and alpha is not above 0", NULL, NULL},
    {"a logarithm of a group's nothing", "between_group_generalized_entropy(alpha=0) <= 100",
     "a 1 1 9, a 0 0 9, b 1 0 9", "all rows of g=b are missed positives, and alpha is not above 0", NULL,
     NULL},
    {"inequality between groups of which there is one", "between_group_generalized_entropy <= 1",
     "a 1 1 9, a 0 0 9", "there is one group alone, g=a", NULL, NULL},
    {"strata in which no row is selected", "conditional_demographic_disparity(strata=k) <= 1", NONE_SELECTED,
     "no row is selected", NULL, NULL},
    {"strata in which every row is", "conditional_demographic_disparity(strata=k) <= 1",
     "a 1 1 9, a 0 1 9, b 0 1 9", "no row is rejected", NULL, NULL},
    {"strata of one group each compare nothing", "conditional_demographic_disparity(strata=k) <= 1",
     "a 1 1 9 0.7 1 x, a 0 0 9 0.7 1 x, b 1 1 9 0.7 1 y, b 0 0 9 0.7 1 y",
     "no stratum has rows of two groups, so that nothing is compared", NULL, "decide: point"},
    {"a few mixed rows do not make a comparison of the others",
     "conditional_demographic_disparity(strata=k) <= 1",
     "a 1 1 900 0.7 1 x, a 0 0 900 0.7 1 x, b 1 1 9 0.7 1 y, b 0 0 9 0.7 1 y, a 0 0 9 0.7 1 y",
     "1,800 of 1,827 rows lie in strata where only one group occurs, and say nothing of a comparison", NULL,
     NULL},
    {"a divergence without end", "label_kl <= 100", NO_POSITIVES_IN_B,
     "g=b has none of a label that g=a has: infinitely far", NULL, NULL},
    {"labels that are all alike", "label_tvd <= 1", "a 1 1 9, a 1 0 9, b 1 1 9", "all labels are alike",
     "positive: 1", NULL},
    {"the same for single classes", "label_ks <= 1", "a 1 1 9, a 1 1 9, b 1 1 9", "all labels are alike",
     "positive: 1", NULL},
    {"an area of one class", "subgroup_auc >= 0", NO_POSITIVES_IN_B, "roc_auc of g=b is undefined",
     "score: s", NULL},
    {"a difference of areas", "roc_auc_difference <= 1", NO_POSITIVES_IN_B, "roc_auc of g=b is undefined",
     "score: s", NULL},
    {"bpsn without negatives in a group", "bpsn_auc >= 0", NO_NEGATIVES_IN_B, "no negatives in g=b",
     "score: s", NULL},
    {"bpsn without positives outside of it", "bpsn_auc >= 0", NO_POSITIVES_IN_B,
     "no positives outside of g=a", "score: s", NULL},
    {"bnsp without positives in a group", "bnsp_auc >= 0", NO_POSITIVES_IN_B, "no positives in g=b",
     "score: s", NULL},
    {"bnsp without negatives outside of it", "bnsp_auc >= 0", NO_NEGATIVES_IN_B,
     "no negatives outside of g=a", "score: s", NULL},
    {"a group whose rows weigh nothing", "selection_rate_difference <= 1",
     "a 1 1 9 0.7 1, a 0 0 9 0.2 1, b 1 1 9 0.7 0, b 0 0 9 0.2 0",
     "selection_rate of g=b is undefined: all weights of the 18 rows are 0", "weight: w", NULL},
    {"nor do their labels", "label_js <= 1", "a 1 1 9 0.7 1, a 0 0 9 0.2 1, b 1 1 9 0.7 0, b 0 0 9 0.2 0",
     "g=b has no rows of a weight above 0", "weight: w", NULL},
    {"nor their scores", "score_ks <= 1", "a 1 1 9 0.7 1, a 0 0 9 0.2 1, b 1 1 9 0.7 0, b 0 0 9 0.2 0",
     "g=b has no rows", "score: s, weight: w", NULL},
    {"a group of one row has no r2", "r2_difference <= 1", "a 1 2 9, a 2 2 9, b 3 2 1",
     "r2 of g=b is undefined", NULL, NULL},
    {"a group of one row has one class", "f1_difference <= 1", "a 1 1 9, a 0 0 9, b 0 0 1",
     "f1 of g=b is undefined", NULL, NULL},
    {"a long name is cut at a character", "tpr_difference <= 0.1",
     "a 1 1 9, a 0 0 9, xéééééééééééééééééééééééééééééééééééééééé 0 1 9",
     "tpr of g=xéééééééééééééééééééééééééééé… is undefined", NULL, NULL},
};

static void test_undefined(void **state)
{
    const struct undefined_row *row = *state;
    struct suite_run run;
    judge(&run, row->cells, row->roles, row->gate, row->check);
    const struct mlg_check_result *check = only_check(&run);
    assert_string_equal(mlg_verdicts[check->verdict].word, "error");
    assert_int_equal(run.results.exit_code, 3);
    assert_false(check->estimate.known);
    assert_false(check->lower.known);
    assert_false(check->upper.known);
    assert_non_null(check->reason);
    if (!strstr(check->reason, row->reason))
        fail_msg("the reason is '%s'", check->reason);
    suite_run_end(&run);
}

/* ---- defined after all --------------------------------------------------------------------------- */

struct defined_row {
    const char *name, *check, *cells;
    double value;
    const char *verdict;
    const char *roles, *gate; /* NULL: none */
};

static const struct defined_row defined_rows[] = {
    {"a group that is never selected has the ratio 0", "selection_rate_ratio >= 0.8", NONE_SELECTED_IN_B, 0,
     "fail", NULL, NULL},
    {"against all rows too", "selection_rate_ratio(method=to_overall) >= 0.8", NONE_SELECTED_IN_B, 0, "fail",
     NULL, "decide: point"},
    {"a difference needs no ratio", "selection_rate_difference <= 0.9", NONE_SELECTED, 0, "pass", NULL, NULL},
    {"equalized odds of no false alarms are those of the hits", "equalized_odds_difference <= 0.1",
     NO_FALSE_ALARMS, 0, "pass", NULL, "decide: point"},
    {"smoothed rates need no selection", "differential_fairness <= 0.1", NONE_SELECTED, 0.152969344781427,
     "fail", NULL, "decide: point"},
    {"but where nobody is selected no row proves parity", "differential_fairness <= 10", NONE_SELECTED,
     0.152969344781427, "inconclusive", NULL, NULL},
    {"a stratum with one outcome treats all alike", "conditional_demographic_disparity(strata=k) <= 0.1",
     "a 1 1 40 0.7 1 x, b 1 1 10 0.7 1 x, a 1 1 10 0.7 1 y, a 1 0 10 0.7 1 y, b 1 1 10 0.7 1 y, "
     "b 1 0 10 0.7 1 y",
     0, "pass", NULL, "decide: point"},
    {"a group of one row is a group, and wide", "selection_rate_difference <= 0.1",
     "a 1 1 90, a 0 0 90, b 1 1 1", 0.5, "inconclusive", NULL, NULL},
    {"the mean of one row has no interval", "mae_difference <= 10", "a 1 2 9, a 2 2 9, b 3 2 1", 0.5,
     "inconclusive", NULL, NULL},
    {"a benefit of 0 has a power where alpha is above 0", "generalized_entropy(alpha=0.5) <= 1", TWO_GOOD,
     0.218194967213115, "pass", NULL, NULL},
    {"a right model has no inequality", "theil <= 0.1", "a 1 1 60, a 0 0 60, b 1 1 60, b 0 0 60", 0, "pass",
     NULL, NULL},
    {"a group of missed positives has an inequality where alpha is above 0",
     "between_group_generalized_entropy(alpha=1) <= 1", "a 1 1 9, a 0 0 9, b 1 0 9", 0.405465108108164,
     "pass", NULL, "decide: point"},
    {"balanced accuracy has a ratio", "balanced_accuracy_ratio >= 0.5", TWO_GOOD, 0.988317355599079, "pass",
     NULL, NULL},
};

static void test_defined(void **state)
{
    const struct defined_row *row = *state;
    struct suite_run run;
    judge(&run, row->cells, row->roles, row->gate, row->check);
    const struct mlg_check_result *check = only_check(&run);
    if (!check->estimate.known)
        fail_msg("%s", check->reason);
    if (!(fabs(check->estimate.value - row->value) < 1e-14))
        fail_msg("it is %.17g", check->estimate.value);
    if (strcmp(mlg_verdicts[check->verdict].word, row->verdict) != 0)
        fail_msg("verdict %s: %s", mlg_verdicts[check->verdict].word, check->reason);
    suite_run_end(&run);
}

/* ---- checks that mean nothing --------------------------------------------------------------------- */

struct mistake_row {
    const char *check, *sentence;
};

static const struct mistake_row mistake_rows[] = {
    {"mcc_ratio >= 0.8", "'mcc' can be negative, and a ratio of it says nothing; write mcc_difference"},
    {"balanced_accuracy_ratio(adjusted=true) >= 0.8", "'balanced_accuracy' can be negative"},
    {"mean_score_ratio >= 0.8", "'mean_score' can be negative"},
    {"rows_difference <= 3", "'rows' is not compared between groups; a rate, a score or an error is"},
    {"accuracy >= 0.8", "'accuracy' says nothing of groups; write accuracy_difference"},
    {"tpr_difference(reference=a, method=to_overall) <= 1", "a reference or to_overall, not with both"},
    {"conditional_demographic_disparity <= 0.1", "needs its argument 'strata'"},
    {"selection_rat_ratio >= 0.8", "did you mean 'selection_rate_ratio'?"},
    {"equalized_odd_difference <= 0.1", "did you mean 'equalized_odds_difference'?"},
    {"disparate_impact >= 0.8", "did you mean 'selection_rate_ratio'?"},
    {"statistical_parity_difference <= 0.1", "did you mean 'selection_rate_difference'?"},
    {"average_abs_odds_difference <= 0.1", "did you mean 'average_odds_difference'?"},
    {"between_all_groups_generalized_entropy_index <= 1",
     "did you mean 'between_group_generalized_entropy'?"},
    {"smoothed_empirical_differential_fairness <= 1", "did you mean 'differential_fairness'?"},
    {"pprev_disparity >= 0.8", "did you mean 'selection_rate_ratio'?"},
    {"DPPL <= 0.1", "did you mean 'selection_rate_signed_difference'?"},
    {"CDDPL <= 0.1", "did you mean 'conditional_demographic_disparity'?"},
    {"KS <= 0.1", "did you mean 'label_ks'?"},
    {"prev_disparity >= 0.8", "did you mean 'base_rate_ratio'?"},
    {"mean_prediction <= 0.1", "did you mean 'mean_score_difference'?"},
    {"r2_ratio >= 0.8", "'r2' can be negative, and a ratio of it says nothing; write r2_difference"},
};

static void test_mistake(void **state)
{
    const struct mistake_row *row = *state;
    struct mlg_arena arena;
    struct mlg_check check;
    struct mlg_call call;
    struct mlg_error error = {0};
    const char *name;
    mlg_arena_init(&arena, 0);
    assert_int_equal(mlg_check_parse(row->check, strlen(row->check), &arena, &check, &error), MLG_OK);
    assert_int_equal(mlg_disparity_resolve(&check, &arena, &call, &name, &error), MLG_CONFIG);
    if (!strstr(error.text, row->sentence))
        fail_msg("it says: %s", error.text);
    mlg_arena_free(&arena);
}

/* ---- other libraries' names ------------------------------------------------------------------------ */

struct alias_row {
    const char *written, *name;
};

static const struct alias_row alias_rows[] = {
    {"demographic_parity_difference", "selection_rate_difference"},
    {"demographic_parity_ratio", "selection_rate_ratio"},
    {"impact_ratio", "selection_rate_ratio"},
    {"equal_opportunity_difference", "tpr_difference"},
    {"predictive_parity_difference", "ppv_difference"},
    {"predictive_equality_ratio", "fpr_ratio"},
    {"true_positive_rate_difference", "tpr_difference"},
    {"false_omission_rate_ratio", "for_ratio"},
    {"accuracy_score_group_min", "accuracy_group_min"},
    {"zero_one_loss_group_max", "zero_one_loss_group_max"},
    {"error_rate_difference", "zero_one_loss_difference"},
    {"balanced_accuracy_score_group_min", "balanced_accuracy_group_min"},
    {"mean_absolute_error_group_max", "mae_group_max"},
    {"mean_squared_error_group_max", "mse_group_max"},
    {"log_loss_group_max", "log_loss_group_max"},
    {"r2_score_group_min", "r2_group_min"},
    {"roc_auc_score_group_min", "roc_auc_group_min"},
    {"theil_index", "theil"},
};

static void test_alias(void **state)
{
    const struct alias_row *row = *state;
    struct mlg_arena arena;
    struct mlg_check check;
    struct mlg_call call;
    struct mlg_error error = {0};
    const char *name;
    mlg_arena_init(&arena, 0);
    assert_int_equal(mlg_check_parse(row->written, strlen(row->written), &arena, &check, &error), MLG_OK);
    if (mlg_disparity_resolve(&check, &arena, &call, &name, &error) != MLG_OK)
        fail_msg("%s", error.text);
    assert_string_equal(name, row->name);
    mlg_arena_free(&arena);
}

/* A note shows what a name of elsewhere is here. */
static void test_alias_is_told(void **state)
{
    struct suite_run run;
    (void)state;
    judge(&run, TWO_GOOD, NULL, NULL, "demographic_parity_ratio >= 0.1");
    const struct mlg_check_result *check = only_check(&run);
    bool told = false;
    for (size_t i = 0; i < check->note_count; i++)
        told = told || strcmp(check->notes[i], "demographic_parity_ratio is selection_rate_ratio") == 0;
    assert_true(told);
    suite_run_end(&run);
}

/* ---- bounds of divergences --------------------------------------------------------------------------- */

struct divergence_row {
    const char *name, *check, *cells;
    double value, lower, upper; /* scipy: the formulas of disparity_labels.c with its chi and normal */
};

#define FAR_APART "a 0 0 500, a 1 1 100, b 0 0 200, b 1 1 400"
#define THREE_LABELS                                                                                         \
    "a 0 0 50, a 1 1 30, a 2 2 20, b 0 0 80, b 1 1 90, b 2 2 30, c 0 0 20, c 1 1 70, c 2 2 110"
#define FOUR_LABELS "a 0 0 50, a 1 1 30, a 2 2 20, a 3 3 10, b 0 0 20, b 1 1 90, b 2 2 30, b 3 3 40"
#define ALIKE "a 0 0 60, a 1 1 40, b 0 0 60, b 1 1 40"

static const struct divergence_row divergence_rows[] = {
    {"KL far from 0", "label_kl <= 1", FAR_APART, 0.6187659967885419, 0.4709270538827448, 0.7400772307170754},
    {"JS far from 0", "label_js <= 1", FAR_APART, 0.135655577410967, 0.1077854281531097, 0.16151552619473292},
    {"KL of three groups, each against each", "label_kl <= 1", THREE_LABELS, 0.5561535699331768,
     0.2165263869473943, 0.8209205573535124},
    {"JS of three groups", "label_js <= 1", THREE_LABELS, 0.11620028391215481, 0.05456572611117495,
     0.16983125529357573},
    {"KL of four labels, an odd number of dimensions", "label_kl <= 1", FOUR_LABELS, 0.40960305019145116,
     0.11957993485583869, 0.6372395044212948},
    {"JS of four labels", "label_js <= 1", FOUR_LABELS, 0.08725253051108293, 0.030895938285400968,
     0.13378425227478807},
    {"KL of equal groups is 0 and bounded all the same", "label_kl <= 1", ALIKE, 0, 0, 0.027055434540954135},
    {"JS of equal groups", "label_js <= 1", ALIKE, 0, 0, 0.006763858635238534},
};

static void test_divergence(void **state)
{
    const struct divergence_row *row = *state;
    struct suite_run run;
    judge(&run, row->cells, NULL, NULL, row->check);
    const struct mlg_check_result *check = only_check(&run);
    const double got[] = {check->estimate.value, check->lower.value, check->upper.value};
    const double wanted[] = {row->value, row->lower, row->upper};
    assert_true(check->estimate.known && check->lower.known && check->upper.known);
    for (size_t i = 0; i < 3; i++)
        if (!(fabs(got[i] - wanted[i]) <= 1e-12 * wanted[i] + 1e-16))
            fail_msg("number %zu is %.17g", i, got[i]);
    assert_string_equal(mlg_verdicts[check->verdict].word, "pass");
    suite_run_end(&run);
}

/* ---- bounds between groups and within strata ----------------------------------------------------------- */

#define FAR_BENEFITS "a 1 0 50, a 1 1 500, a 0 1 150, b 1 0 150, b 1 1 500, b 0 1 50"
#define NEAR_BENEFITS                                                                                        \
    "a 1 0 20, a 1 1 60, a 0 1 20, b 1 0 10, b 1 1 60, b 0 1 30, c 1 0 60, c 1 1 100, c 0 1 40"

/* numpy and scipy: the formulas of bound_length with the eigenvalues of P V P and Fisher's F; those of
 * demographic_disparity, with numerical derivatives. */
static const struct divergence_row between_rows[] = {
    {"an inequality far from 0", "between_group_generalized_entropy <= 1", FAR_BENEFITS, 0.010204081632653017,
     0.006676784726307081, 0.013738677232521887},
    {"of three groups", "between_group_generalized_entropy <= 1", NEAR_BENEFITS, 0.0075, 0.00089417631352945,
     0.01631277480292391},
    {"Theil's of three groups", "between_group_generalized_entropy(alpha=1) <= 1", NEAR_BENEFITS,
     0.0072842349921645455, 0.0008345789852113062, 0.015993816855370983},
    {"a large one of other alpha", "between_group_generalized_entropy(alpha=0.5) <= 1",
     FAR_BENEFITS ", c 1 0 400, c 1 1 100", 0.16155002206250363, 0.12983883808670332, 0.18468637975377952},
    {"a disparity within strata of a few rows", "conditional_demographic_disparity(strata=k) <= 1",
     "a 0 1 1 0.7 1 u, a 1 0 2 0.7 1 u, b 1 1 2 0.7 1 u, b 1 0 1 0.7 1 u, a 1 0 1 0.7 1 v, b 1 1 1 0.7 1 v, "
     "a 1 1 2 0.7 1 w, a 1 0 3 0.7 1 w, b 1 1 4 0.7 1 w, b 1 0 1 0.7 1 w, a 1 1 1 0.7 1 x, a 1 0 1 0.7 1 x, "
     "b 1 1 2 0.7 1 x, a 1 1 3 0.7 1 y, a 1 0 2 0.7 1 y, b 1 1 2 0.7 1 y, b 1 0 3 0.7 1 y, a 1 1 1 0.7 1 z, "
     "a 1 0 4 0.7 1 z, b 1 1 3 0.7 1 z, b 1 0 2 0.7 1 z",
     0.3095238095238095, -0.07797873414134338, 0.6324286260386398},
    {"none, bounded all the same", "between_group_generalized_entropy <= 1",
     "a 1 0 10, a 1 1 60, a 0 1 10, b 1 0 20, b 1 1 120, b 0 1 20", 0, 0, 0.001542902484651955},
};

static void test_between(void **state)
{
    const struct divergence_row *row = *state;
    struct suite_run run;
    judge(&run, row->cells, NULL, NULL, row->check);
    const struct mlg_check_result *check = only_check(&run);
    const double got[] = {check->estimate.value, check->lower.value, check->upper.value};
    const double wanted[] = {row->value, row->lower, row->upper};
    assert_true(check->estimate.known && check->lower.known && check->upper.known);
    for (size_t i = 0; i < 3; i++)
        if (!(fabs(got[i] - wanted[i]) <= 1e-9 * fabs(wanted[i]) + 1e-16))
            fail_msg("number %zu is %.17g", i, got[i]);
    suite_run_end(&run);
}

/* ---- what is said of whom --------------------------------------------------------------------------- */

struct said_row {
    const char *name, *check, *cells, *said; /* a part of the reason or of a note */
    const char *roles, *gate;                /* NULL: none */
};

#define THREE_ALARMS "a 1 1 9, a 0 1 805, a 0 0 990, b 1 1 9, b 0 1 36, b 0 0 208, c 1 1 9, c 0 1 1, c 0 0 9"

static const struct said_row said_rows[] = {
    {"a failure names the pair that proves it, its value and bounds, and the pair that the value is of",
     "fpr_difference <= 0.1", THREE_ALARMS,
     "the whole interval is above the limit: proven of g=a 0.448 (805 of 1,795) against g=b 0.148 (36 of "
     "244), 0.301 [0.240, 0.353]; the value 0.348 is of g=a 0.448 (805 of 1,795) against g=c 0.100 (1 of 10)",
     NULL, NULL},
    {"so does that of a ratio", "fpr_ratio >= 0.8", THREE_ALARMS,
     "proven of g=b 0.148 (36 of 244) against g=a 0.448 (805 of 1,795), 0.329 [0.224, 0.460]; the value "
     "0.223 is of g=c 0.100 (1 of 10)",
     NULL, NULL},
    {"and that of one rate of two", "equalized_odds_difference <= 0.1", THREE_ALARMS,
     "proven of fpr of g=a 0.448 (805 of 1,795) against g=b 0.148 (36 of 244), 0.301 [0.232, "
     "0.358]; the value 0.348 is of fpr of g=a",
     NULL, NULL},
    {"one pair that is both is told of once", "selection_rate_difference <= 0.1",
     "a 1 1 90, a 0 0 10, b 1 1 20, b 0 0 80",
     "the whole interval is above the limit: g=a 0.900 (90 of 100) against g=b 0.200 (20 of 100)", NULL,
     NULL},
    {"sizes of groups are shares of the rows", "class_imbalance <= 0.1", "a 1 1 300, b 0 0 50, c 0 0 50",
     "share of rows of g=a 0.750 (300 of 400) against g=b 0.125 (50 of 400)", NULL, NULL},
    {"distributions of scores have means", "score_ks <= 0.1",
     "a 1 1 40 0.8, a 0 0 60 0.2, b 1 1 60 0.8, "
     "b 0 0 40 0.2",
     "mean_score of g=a 0.440 (100 rows) against g=b 0.560 (100 rows)", "score: s", NULL},
    {"a divergence of labels has their rate", "label_kl <= 0.01", "a 1 1 40, a 0 0 60, b 1 1 60, b 0 0 40",
     "g=a 0.400 (40 of 100) against g=b 0.600 (60 of 100)", NULL, NULL},
    {"and so has the other one", "label_js <= 0.01", "a 1 1 40, a 0 0 60, b 1 1 60, b 0 0 40",
     "g=a 0.400 (40 of 100) against g=b 0.600 (60 of 100)", NULL, NULL},
    {"a distance of labels too", "label_ks <= 0.01", "a 1 1 40, a 0 0 60, b 1 1 60, b 0 0 40",
     "g=b 0.600 (60 of 100) against g=a 0.400 (40 of 100)", NULL, NULL},
    {"of several labels it names which", "label_tvd <= 0.01",
     "a x x 40, a y y 30, a z z 30, b x x 10, b y y 45, b z z 45",
     "share of 'y' or 'z' of g=b 0.900 (90 of 100) against g=a 0.600 (60 of 100)", NULL, NULL},
    {"differential fairness has selection rates", "differential_fairness <= 0.1",
     "a 1 1 40, a 0 0 60, b 1 1 80, b 0 0 20", "g=b 0.800 (80 of 100) against g=a 0.400 (40 of 100)", NULL,
     NULL},
    {"inequality between groups has mean benefits", "between_group_generalized_entropy <= 0.00001",
     FAR_BENEFITS, "mean benefit of g=b 0.857 (700 rows) against g=a 1.143 (700 rows)", NULL, NULL},
    {"a weighted rate rests on the rows with its label", "fpr_difference <= 0.01",
     "a 1 1 30 0.7 2, a 0 1 60 0.7 2, a 0 0 40 0.7 2, b 1 1 9 0.7 1, b 0 1 20 0.7 1, b 0 0 80 0.7 1",
     "g=a 0.600 (100 negatives) against g=b 0.200 (100 negatives)", "weight: w", NULL},
    {"or with its prediction", "ppv_difference <= 0.01",
     "a 1 1 30 0.7 2, a 0 1 60 0.7 2, a 0 0 40 0.7 2, b 1 1 80 0.7 1, b 0 1 20 0.7 1, b 0 0 80 0.7 1",
     "g=b 0.800 (100 predicted positive) against g=a 0.333 (90 predicted positive)", "weight: w", NULL},
    {"errors over errors rest on the errors", "treatment_equality_difference <= 0.1",
     "a 1 1 900, a 1 0 60, a 0 1 20, b 1 1 900, b 1 0 20, b 0 1 60",
     "g=a 3.000 (80 rows) against g=b 0.333 (80 rows)", NULL, NULL},
    {"ranked lists rest on queries", "ndcg_difference <= 0.9",
     "a 1 1 20 0.7 1 x, a 0 0 20 0.6 1 x, a 1 1 20 0.7 1 y, a 0 0 20 0.8 1 y, b 1 1 20 0.7 1 z, b 0 0 20 0.8 "
     "1 z",
     "(2 queries)", "score: s, query: k", NULL},
    {"a group within strata has its own rows", "conditional_demographic_disparity(strata=k) <= 0.01",
     "a 1 1 50 0.7 1 x, a 0 0 150 0.7 1 x, b 1 1 450 0.7 1 x, b 0 0 150 0.7 1 x", "(200 rows)", NULL, NULL},
    {"rows in strata of one group are told", "conditional_demographic_disparity(strata=k) <= 0.9",
     "a 1 1 50 0.7 1 x, a 0 0 50 0.7 1 x, b 1 1 50 0.7 1 x, b 0 0 50 0.7 1 x, b 0 0 50 0.7 1 y",
     "50 of 250 rows lie in strata where only one group occurs", NULL, NULL},
    {"rows that would decide are as many as floors ask for", "selection_rate_difference <= 0.05",
     "a 1 1 350, a 0 0 350, b 1 1 340, b 0 0 360, t 1 1 4, t 0 0 4",
     "cannot tell; g=t has 8 rows, under min_group_rows 100, so that about 18,000 rows would decide: g=a",
     NULL, "min_group_rows: 100"},
    {"rows that min_rows asks for are of no group", "selection_rate_difference <= 0.05",
     "a 1 1 350, a 0 0 350, b 1 1 340, b 0 0 360", "only 1,400 rows; min_rows asks for 100,000: g=a 0.500",
     NULL, "min_rows: 100000"},
    {"of equal extremes the one with most rows is named", "selection_rate_difference <= 0.1",
     "a 1 1 5, a 0 0 5, b 1 1 10, b 0 0 10, c 1 1 200, c 0 0 200, d 1 1 20, d 0 0 80",
     "g=c 0.500 (200 of 400) against g=d 0.200 (20 of 100)", NULL, NULL},
    {"also without a limit", "selection_rate_difference",
     "a 1 1 5, a 0 0 5, b 1 1 10, b 0 0 10, c 1 1 200, c 0 0 200, d 1 1 20, d 0 0 80",
     "furthest apart: g=c 0.500 (200 of 400) against g=d", NULL, NULL},
    {"a group in one cluster lacks clusters", "selection_rate_difference <= 0.1",
     "a 1 1 50 0.7 1 x, a 0 0 50 0.7 1 y, a 1 1 50 0.7 1 v, b 1 1 500 0.7 1 z, b 0 0 500 0.7 1 z",
     "within g=b, 1,000 rows of too few clusters: bring more clusters", "cluster: k", NULL},
};

static void test_said(void **state)
{
    const struct said_row *row = *state;
    struct suite_run run;
    judge(&run, row->cells, row->roles, row->gate, row->check);
    const struct mlg_gate_result *gate = &run.results.gates[0];
    assert_int_equal(gate->check_count + gate->reported_count, 1);
    const struct mlg_check_result *check = gate->check_count ? &gate->checks[0] : &gate->reported[0];
    bool said = check->reason && strstr(check->reason, row->said);
    for (size_t i = 0; i < check->note_count; i++)
        said = said || strstr(check->notes[i], row->said);
    if (!said)
        fail_msg("it says: %s", check->reason);
    suite_run_end(&run);
}

/* Quantities that are no plain comparison of rates have a table of the groups all the same. */
static void test_tables(void **state)
{
    static const char *const checks[] = {"class_imbalance <= 0.9",    "label_kl <= 0.9", "label_js <= 0.6",
                                         "label_tvd <= 0.9",          "label_ks <= 0.9", "score_ks <= 0.9",
                                         "differential_fairness <= 2"};
    (void)state;
    for (size_t i = 0; i < COUNT(checks); i++) {
        struct suite_run run;
        judge(&run, "a 1 1 40, a 0 0 60, b 1 1 60, b 0 0 40, c 1 1 50, c 0 0 50", "score: s", NULL,
              checks[i]);
        const struct mlg_check_result *check = only_check(&run);
        assert_int_equal(check->group_count, 3);
        assert_non_null(check->group_quantity);
        assert_string_equal(check->group_against, "furthest");
        for (size_t g = 0; g < 3; g++)
            if (!check->groups[g].estimate.known || !check->groups[g].lower.known ||
                !check->groups[g].upper.known || !check->groups[g].disparity.known)
                fail_msg("%s leaves a cell of group %zu empty", checks[i], g);
        suite_run_end(&run);
    }
}

/* Of few rows neither the delta method nor the length of a normal vector says much. */
static void test_few_rows_of_a_label(void **state)
{
    struct suite_run run;
    (void)state;
    judge(&run, "a 0 0 50, a 1 1 9, b 0 0 60, b 1 1 40", NULL, NULL, "label_js <= 0.6");
    const struct mlg_check_result *check = only_check(&run);
    assert_string_equal(mlg_verdicts[check->verdict].word, "inconclusive");
    assert_string_equal(check->reason, "g=a has 9 rows labelled '1', and bounds need 10: bring more rows");
    assert_false(check->upper.known);
    suite_run_end(&run);
}

/* ---- all ---------------------------------------------------------------------------------------- */

int main(void)
{
    struct CMUnitTest tests[COUNT(undefined_rows) + COUNT(defined_rows) + COUNT(mistake_rows) +
                            COUNT(alias_rows) + COUNT(divergence_rows) + COUNT(between_rows) +
                            COUNT(said_rows) + 3];
    size_t count = 0;
    NAMED_ROWS(tests, count, undefined_rows, test_undefined);
    NAMED_ROWS(tests, count, defined_rows, test_defined);
    NAMED_ROWS(tests, count, mistake_rows, test_mistake);
    NAMED_ROWS(tests, count, alias_rows, test_alias);
    NAMED_ROWS(tests, count, divergence_rows, test_divergence);
    NAMED_ROWS(tests, count, between_rows, test_between);
    NAMED_ROWS(tests, count, said_rows, test_said);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_tables);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_alias_is_told);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_few_rows_of_a_label);
    return _cmocka_run_group_tests("disparities at the edges", tests, count, NULL, NULL);
}
