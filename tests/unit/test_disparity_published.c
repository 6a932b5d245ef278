/* Disparities that are printed somewhere: in a rule, in the documentation of a library, in its tests. */
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
#include "named_rows.h"
#include "suite_run.h"

/* ---- values ---------------------------------------------------------------------------------------- */

/* 44 FR 11996 (2 March 1979), questions and answers on the Uniform Guidelines of the EEOC: hired are 60 % of
 * whites, 45 % of American Indians, 48 % of Hispanics and 51 % of Blacks: 75, 80 and 85 %. */
#define WHITES "white 1 1 120, white 1 0 80"
#define INDIANS "indian 1 1 90, indian 1 0 110"
#define HISPANICS "hispanic 1 1 96, hispanic 1 0 104"
#define BLACKS "black 1 1 102, black 1 0 98"

/* 6 RCNY 5-301, the rule's own example of a bias audit: applicants and selected by sex, and by race. */
#define SEXES "male 1 1 667, male 1 0 723, female 1 1 555, female 1 0 626"
#define RACES                                                                                                \
    "hispanic 1 1 204, hispanic 1 0 204, white 1 1 412, white 1 0 385, black 1 1 170, black 1 0 220, "       \
    "hawaiian 1 1 52, hawaiian 1 0 67, asian 1 1 302, asian 1 0 314, native 1 1 18, native 1 0 23, "         \
    "more 1 1 96, more 1 0 117"

/* fairlearn, user guide, common fairness metrics. */
#define FAIRLEARN "b 0 0 1, b 1 0 2, b 1 1 3, a 1 1 1, a 1 0 1, a 0 1 2, c 0 1 2, c 1 1 2, c 0 0 1, c 1 0 3"

/* AIF360, tests/test_classification_metric.py: ten rows, predictions of two models. */
#define AIF360 "0 1 1 1, 0 0 0 1, 1 0 0 1, 1 1 0 1, 1 0 1 2, 2 1 1 2, 2 0 0 1, 2 1 0 1"
#define AIF360_OTHER "0 1 0 1, 0 0 1 1, 1 0 1 1, 1 1 0 1, 1 0 0 2, 2 1 0 1, 2 0 1 1, 2 1 1 2"
/* Labels and predictions of three classes, two of them favourable. */
#define AIF360_CLASSES "p 1 1 1, p 0 0 2, p 1 0 1, p 0 2 1, p 2 2 1, u 1 1 2, u 0 0 1, u 2 2 1"

/* SageMaker Clarify, tests/unit/bias/metrics/test_metrics.py: twelve rows. */
#define CLARIFY "M 0 1 2, M 1 0 2, M 0 0 1, F 1 1 2, F 1 0 1, F 0 1 2, F 0 0 2"

struct value_row {
    const char *name, *check, *cells;
    double value, tolerance; /* half a unit of the last printed digit, or 1e-15 */
    const char *gate;        /* NULL: none */
};

#define EXACT 1e-15

static const struct value_row value_rows[] = {
    {"EEOC: American Indians 75 %", "selection_rate_ratio", WHITES "," INDIANS, 0.75, EXACT, NULL},
    {"EEOC: Hispanics 80 %", "selection_rate_ratio", WHITES "," HISPANICS, 0.80, EXACT, NULL},
    {"EEOC: Blacks 85 %", "selection_rate_ratio", WHITES "," BLACKS, 0.85, EXACT, NULL},
    {"EEOC: all together", "selection_rate_ratio", WHITES "," INDIANS "," HISPANICS "," BLACKS, 0.75, EXACT,
     NULL},
    {"NYC: women 0.979", "impact_ratio", SEXES, 0.979, 0.0005, NULL},
    {"NYC: women 47 %", "selection_rate_group_min", SEXES, 0.47, 0.005, NULL},
    {"NYC: men 48 %", "selection_rate_group_max", SEXES, 0.48, 0.005, NULL},
    {"NYC: Black applicants 0.84", "impact_ratio", RACES, 0.84, 0.005, NULL},
    {"NYC: white applicants 52 %", "selection_rate_group_max", RACES, 0.52, 0.005, NULL},
    {"NYC: without them Hawaiians 0.85", "impact_ratio", RACES, 0.85, 0.005,
     "exclude: [{group: {g: black}, reason: x}]"},
    {"fairlearn: demographic parity difference", "demographic_parity_difference", FAIRLEARN, 0.25, EXACT,
     NULL},
    {"fairlearn: demographic parity ratio", "demographic_parity_ratio", FAIRLEARN, 0.666666666666667, EXACT,
     NULL},
    {"fairlearn: equalized odds difference", "equalized_odds_difference", FAIRLEARN, 1, EXACT, NULL},
    {"fairlearn: equalized odds ratio", "equalized_odds_ratio", FAIRLEARN, 0, EXACT, NULL},
    {"fairlearn: tpr difference", "tpr_difference", FAIRLEARN, 0.2, EXACT, NULL},
    {"fairlearn: fpr difference to overall", "fpr_difference(method=to_overall)", FAIRLEARN, 0.666667, 5e-7,
     NULL},
    {"fairlearn: selection rate difference to overall", "selection_rate_difference(method=to_overall)",
     FAIRLEARN, 0.194444, 5e-7, NULL},
    {"fairlearn: tpr ratio to overall", "tpr_ratio(method=to_overall)", FAIRLEARN, 0.8, EXACT, NULL},
    {"fairlearn: selection rate ratio to overall", "selection_rate_ratio(method=to_overall)", FAIRLEARN,
     0.740741, 5e-7, NULL},
    {"AIF360: generalized entropy index 0.2", "generalized_entropy", AIF360, 0.2, EXACT, NULL},
    {"AIF360: generalized entropy index 0.3", "generalized_entropy", AIF360_OTHER, 0.3, EXACT, NULL},
    {"AIF360: theil index 4 ln 2 / 10", "theil", AIF360, 0.277258872223978, EXACT, NULL},
    {"AIF360: between all groups", "between_group_generalized_entropy", AIF360, 0.025, EXACT, NULL},
    {"AIF360: false negative rate difference of favourable classes", "fnr_signed_difference(reference=p)",
     AIF360_CLASSES, -0.2, EXACT, "favourable: [0, 1]"},
    {"Clarify: CI 1/6", "class_imbalance", CLARIFY, 1. / 6, EXACT, NULL},
    {"Clarify: DI 7/10", "selection_rate_ratio(reference=F)", CLARIFY, 0.7, EXACT, NULL},
    {"Clarify: DI 10/7 the other way round", "selection_rate_ratio(reference=M)", CLARIFY, 10. / 7, EXACT,
     NULL},
    {"Clarify: RD 2/3", "tpr_difference", CLARIFY, 2. / 3, EXACT, NULL},
    {"Clarify: AD -13/35", "accuracy_signed_difference(reference=F)", CLARIFY, -13. / 35, EXACT, NULL},
    {"Clarify: DAR 1/2", "ppv_difference", CLARIFY, 0.5, EXACT, NULL},
    {"Clarify: DRR 1/3", "npv_difference", CLARIFY, 1. / 3, EXACT, NULL},
    {"Clarify: TE 1/2", "treatment_equality_difference", CLARIFY, 0.5, EXACT, NULL},
    {"Clarify: DPL 1/2", "label_rate_difference", "a 1 1 2, b 0 1 1, b 1 1 1", 0.5, EXACT, NULL},
};

static void judge(struct suite_run *run, const char *cells, const char *gate, const char *check)
{
    char yaml[1000];
    char *text = grouped_rows(cells);
    suite_run_begin(run);
    world_memory_text(&run->world, "t.csv", text);
    free(text);
    snprintf(yaml, sizeof yaml,
             "version: 1\ndata: {t: {path: t.csv, label: y, prediction: p, allow_constant: true, "
             "labels: [0, 1%s]%s}}\n"
             "gates: [{gate: fairness, attributes: [g]%s%s, checks: ['%s']}]\n",
             gate && strstr(gate, "favourable") ? ", 2" : "",
             gate && strstr(gate, "favourable") ? "" : ", positive: 1", gate ? ", " : "", gate ? gate : "",
             check);
    suite_run_judge(run, yaml);
}

static void test_value(void **state)
{
    const struct value_row *row = *state;
    struct suite_run run;
    judge(&run, row->cells, row->gate, row->check);
    assert_int_equal(run.results.gates[0].reported_count, 1);
    const struct mlg_check_result *found = &run.results.gates[0].reported[0];
    if (!found->estimate.known)
        fail_msg("%s", found->reason);
    if (!(fabs(found->estimate.value - row->value) <= row->tolerance))
        fail_msg("it is %.17g", found->estimate.value);
    suite_run_end(&run);
}

/* ---- four fifths, exactly ---------------------------------------------------------------------------- */

struct verdict_row {
    const char *name, *check, *cells;
    bool passes;
};

/* As doubles 32/50 over 40/50 is below 0.8. */
#define ALMOST "a 1 1 40, a 1 0 10, b 1 1 32, b 1 0 18"

static const struct verdict_row verdict_rows[] = {
    {"EEOC: no adverse impact is indicated for Hispanics", "selection_rate_ratio >= 0.8",
     WHITES "," HISPANICS "," BLACKS, true},
    {"EEOC: it is for American Indians", "selection_rate_ratio >= 0.8", WHITES "," INDIANS, false},
    {"exactly four fifths is no violation, though doubles disagree", "selection_rate_ratio >= 80%", ALMOST,
     true},
    {"nor more than four fifths", "selection_rate_ratio > 80%", ALMOST, false},
    {"exactly a tenth apart is within a tenth, though doubles disagree", "selection_rate_difference <= 0.1",
     "a 1 1 8, a 1 0 2, b 1 1 7, b 1 0 3", true},
    {"of equalized odds as well", "equalized_odds_difference <= 0.1",
     "a 1 1 8, a 1 0 2, b 1 1 7, b 1 0 3, a 0 1 1, a 0 0 1, b 0 1 1, b 0 0 1", true},
    {"one selection less is a violation", "selection_rate_ratio >= 80%",
     "a 1 1 40, a 1 0 10, b 1 1 31, b 1 0 19", false},
};

static void test_verdict(void **state)
{
    const struct verdict_row *row = *state;
    struct suite_run run;
    judge(&run, row->cells, "decide: point", row->check);
    assert_int_equal(run.results.gates[0].check_count, 1);
    const struct mlg_check_result *check = &run.results.gates[0].checks[0];
    assert_string_equal(mlg_verdicts[check->verdict].word, row->passes ? "pass" : "fail");
    assert_string_equal(check->decided_by, "point");
    suite_run_end(&run);
}

/* ---- all ---------------------------------------------------------------------------------------- */

int main(void)
{
    struct CMUnitTest tests[COUNT(value_rows) + COUNT(verdict_rows)];
    size_t count = 0;
    NAMED_ROWS(tests, count, value_rows, test_value);
    NAMED_ROWS(tests, count, verdict_rows, test_verdict);
    return _cmocka_run_group_tests("published disparities", tests, count, NULL, NULL);
}
