/* What must not matter to the fairness gate: the order of the rows, how a file was put together, what the
 * groups are called; and what must be mirrored: which class is the positive one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "named_rows.h"
#include "suite_run.h"

#define TABLE MLG_SOURCE_DIR "/tests/oracles/groups.csv"

/* ---- what is asked -------------------------------------------------------------------------------- */

#define OF_CLASSES                                                                                           \
    "selection_rate_ratio >= 0.8, selection_rate_difference <= 0.1, tpr_difference <= 0.2, fpr_ratio >= "    \
    "0.5, "                                                                                                  \
    "equalized_odds_difference <= 0.2, equalized_odds_ratio >= 0.5, average_odds_difference <= 0.2, "        \
    "'tpr_difference(method=to_overall) <= 0.1', 'fnr_ratio(method=to_overall) >= 0.8', f1_difference <= "   \
    "0.1, "                                                                                                  \
    "accuracy_group_min >= 0.7, error_group_max <= 0.3, mcc_difference <= 0.3, "                             \
    "treatment_equality_difference <= 1, differential_fairness <= 0.4, "                                     \
    "conditional_demographic_disparity(strata=stratum) <= 0.1, between_group_generalized_entropy <= 0.01, "  \
    "between_group_generalized_entropy(alpha=1) <= 0.01, between_group_generalized_entropy(alpha=0.3) <= "   \
    "1, "                                                                                                    \
    "theil <= 0.2, class_imbalance <= 0.3, label_rate_difference <= 0.3, label_kl <= 0.2, label_js <= 0.1, " \
    "label_tvd <= 0.3, label_ks <= 0.3, score_ks <= 0.3, mean_score_difference <= 0.2, "                     \
    "calibration_gap <= 0.2, subgroup_auc >= 0.7, bpsn_auc >= 0.7, bnsp_auc >= 0.7, roc_auc_difference <= "  \
    "0.1"
#define OF_NUMBERS                                                                                           \
    "mae_difference <= 0.2, mae_ratio >= 0.8, rmse_group_max <= 1, r2_difference <= 0.3, "                   \
    "mean_error_difference <= 0.3, median_absolute_error_ratio >= 0.6, 'mse_difference(method=to_overall) "  \
    "<= 1'"
#define ATTRIBUTES "attributes: [g2, g5, g12, g3*g4]"

static const struct world_row {
    const char *name, *yaml;
} worlds[] = {
    {"classes", "version: 1\ndata: {t: {path: t.csv, label: label, prediction: prediction, score: score}}\n"
                "gates: [{gate: fairness, " ATTRIBUTES ", slices: [g3], checks: [" OF_CLASSES "]}]\n"},
    {"weighted classes",
     "version: 1\ndata: {t: {path: t.csv, label: label, prediction: prediction, score: score, weight: "
     "weight}}\n"
     "gates: [{gate: fairness, " ATTRIBUTES ", checks: [" OF_CLASSES "]}]\n"},
    {"clustered classes",
     "version: 1\ndata: {t: {path: t.csv, label: label, prediction: prediction, score: score, cluster: "
     "cluster}}\n"
     "gates: [{gate: fairness, " ATTRIBUTES ", checks: [" OF_CLASSES "]}]\n"},
    {"numbers", "version: 1\ndata: {t: {path: t.csv, label: number, prediction: number_prediction}}\n"
                "gates: [{gate: fairness, " ATTRIBUTES ", checks: [" OF_NUMBERS "]}]\n"},
    {"weighted numbers",
     "version: 1\ndata: {t: {path: t.csv, label: number, prediction: number_prediction, weight: weight}}\n"
     "gates: [{gate: fairness, " ATTRIBUTES ", checks: [" OF_NUMBERS "]}]\n"},
};

/* ---- the table ------------------------------------------------------------------------------------ */

enum { LONGEST_LINE = 256 };

struct lines {
    char *text, **items; /* items[0] is the header */
    size_t count;
};

/* With a column of 60 clusters. */
static struct lines read_table(void)
{
    enum { MOST = 2000, CLUSTERS = 60 };
    char line[LONGEST_LINE];
    struct lines lines = {calloc(MOST, LONGEST_LINE), calloc(MOST, sizeof *lines.items), 0};
    FILE *file = fopen(TABLE, "r");
    assert_non_null(file);
    assert_non_null(lines.text);
    assert_non_null(lines.items);
    while (fgets(line, sizeof line, file)) {
        assert_true(lines.count < MOST);
        line[strcspn(line, "\n")] = '\0';
        lines.items[lines.count] = lines.text + lines.count * LONGEST_LINE;
        if (lines.count)
            assert_in_range(
                snprintf(lines.items[lines.count], LONGEST_LINE, "%s,%zu", line, lines.count * 7 % CLUSTERS),
                1, LONGEST_LINE - 1);
        else
            assert_in_range(snprintf(lines.items[lines.count], LONGEST_LINE, "%s,cluster", line), 1,
                            LONGEST_LINE - 1);
        lines.count++;
    }
    fclose(file);
    return lines;
}

static void free_lines(struct lines *lines)
{
    free(lines->items);
    free(lines->text);
}

/* Rows in another order, the header first. */
static void shuffle(struct lines *lines, uint64_t seed)
{
    for (size_t i = lines->count - 1; i > 1; i--) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        const size_t j = 1 + (size_t)(seed >> 33) % i;
        char *swap = lines->items[i];
        lines->items[i] = lines->items[j];
        lines->items[j] = swap;
    }
}

/* The second part first. */
static void swap_parts(struct lines *lines, size_t first_part)
{
    char **turned = calloc(lines->count, sizeof *turned);
    size_t count = 0;
    assert_non_null(turned);
    turned[count++] = lines->items[0];
    for (size_t i = first_part + 1; i < lines->count; i++)
        turned[count++] = lines->items[i];
    for (size_t i = 1; i <= first_part; i++)
        turned[count++] = lines->items[i];
    free(lines->items);
    lines->items = turned;
}

/* Groups are single letters, each a field of its own: a becomes z, b becomes y. */
static void rename_groups(struct lines *lines)
{
    for (size_t i = 1; i < lines->count; i++)
        for (char *at = lines->items[i]; *at; at++)
            if (islower((unsigned char)*at) && at[-1] == ',' && at[1] == ',')
                *at = (char)('a' + 'z' - *at);
}

static void run_on(struct suite_run *run, const struct lines *lines, const char *yaml)
{
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    for (size_t i = 0; i < lines->count; i++)
        mlg_put_format(&text, "%s\n", lines->items[i]);
    assert_false(text.failed);
    suite_run_begin(run);
    world_memory_text(&run->world, "t.csv", text.data);
    mlg_builder_free(&text);
    suite_run_judge(run, yaml);
}

/* ---- the order of rows ------------------------------------------------------------------------------ */

static char *text_of(const struct lines *lines, const char *yaml)
{
    struct suite_run run;
    run_on(&run, lines, yaml);
    char *text = suite_run_text(&run);
    suite_run_end(&run);
    return text;
}

static void test_order(void **state)
{
    const struct world_row *world = *state;
    struct lines lines = read_table();
    char *expected = text_of(&lines, world->yaml);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        shuffle(&lines, seed);
        char *got = text_of(&lines, world->yaml);
        assert_string_equal(got, expected);
        free(got);
    }
    free(expected);
    free_lines(&lines);
}

static void test_parts(void **state)
{
    const struct world_row *world = *state;
    struct lines lines = read_table();
    char *expected = text_of(&lines, world->yaml);
    static const size_t parts[] = {1, 217, 600};
    for (size_t i = 0; i < COUNT(parts); i++) {
        swap_parts(&lines, parts[i]);
        char *got = text_of(&lines, world->yaml);
        assert_string_equal(got, expected);
        free(got);
    }
    free(expected);
    free_lines(&lines);
}

/* ---- names ----------------------------------------------------------------------------------------- */

static void assert_same(const char *id, const char *what, struct mlg_optional got,
                        struct mlg_optional expected, double tolerance)
{
    if (got.known != expected.known ||
        (got.known && !(fabs(got.value - expected.value) <= tolerance * fabs(expected.value))))
        fail_msg("%s: %s is %.17g, and was %.17g", id, what, got.value, expected.value);
}

static void test_names(void **state)
{
    const struct world_row *world = *state;
    struct lines lines = read_table();
    struct suite_run before, after;
    run_on(&before, &lines, world->yaml);
    rename_groups(&lines);
    run_on(&after, &lines, world->yaml);
    size_t compared = 0;
    for (size_t i = 0; i < before.results.gates[0].check_count; i++) {
        const struct mlg_check_result *one = &before.results.gates[0].checks[i];
        if (one->slice_count) /* its id has the name of a group */
            continue;
        const struct mlg_check_result *other = suite_run_find(&after, one->id);
        assert_non_null(other);
        assert_same(one->id, "the value", other->estimate, one->estimate, 0);
        assert_same(one->id, "the lower bound", other->lower, one->lower, 0);
        assert_same(one->id, "the upper bound", other->upper, one->upper, 0);
        assert_same(one->id, "the number of rows needed", other->rows_needed, one->rows_needed, 0);
        assert_string_equal(mlg_verdicts[other->verdict].word, mlg_verdicts[one->verdict].word);
        assert_string_equal(other->method, one->method);
        assert_int_equal(other->n, one->n);
        compared++;
    }
    assert_true(compared >= 7 * 4);
    suite_run_end(&before);
    suite_run_end(&after);
    free_lines(&lines);
}

/* ---- the positive class ------------------------------------------------------------------------------ */

static const struct mirror_row {
    const char *name, *of_ones, *of_zeros;
} mirrors[] = {
    {"tpr_difference becomes tnr_difference", "tpr_difference", "tnr_difference"},
    {"tpr_ratio becomes tnr_ratio", "tpr_ratio", "tnr_ratio"},
    {"fpr_difference becomes fnr_difference", "fpr_difference", "fnr_difference"},
    {"fpr_ratio becomes fnr_ratio", "fpr_ratio", "fnr_ratio"},
    {"ppv_ratio becomes npv_ratio", "ppv_ratio", "npv_ratio"},
    {"fdr_difference becomes for_difference", "fdr_difference", "for_difference"},
    {"tpr_group_min becomes tnr_group_min", "tpr_group_min", "tnr_group_min"},
    {"a difference with all rows too", "tpr_difference(method=to_overall)",
     "tnr_difference(method=to_overall)"},
    {"a ratio with all rows too", "ppv_ratio(method=to_overall)", "npv_ratio(method=to_overall)"},
    {"the selection rate's difference stays", "selection_rate_difference", "selection_rate_difference"},
    {"accuracy stays", "accuracy_ratio", "accuracy_ratio"},
    {"equalized odds' difference stays", "equalized_odds_difference", "equalized_odds_difference"},
    {"differential fairness stays", "differential_fairness", "differential_fairness"},
    {"labels lie as far apart", "label_js", "label_js"},
    {"areas stay: scores are turned with the classes", "subgroup_auc", "subgroup_auc"},
    {"bpsn becomes bnsp", "bpsn_auc", "bnsp_auc"},
};

/* The score of the other class: scores are 64ths, so that the difference is exact. */
static void turn_score(char *line, size_t size)
{
    enum { SCORE = 14 };
    char turned[512] = "", score[32], *rest = line;
    size_t used = 0, field = 0;
    for (const char *text = strsep(&rest, ","); text; text = strsep(&rest, ","), field++) {
        snprintf(score, sizeof score, "%.17g", 1 - strtod(text, NULL));
        used += (size_t)snprintf(turned + used, sizeof turned - used, "%s%s", field ? "," : "",
                                 field == SCORE ? score : text);
    }
    assert_true(used < size);
    memcpy(line, turned, used + 1);
}

static void run_mirrored(struct suite_run *run, const struct mirror_row *row, bool ones)
{
    char yaml[1000];
    struct lines lines = read_table();
    for (size_t i = 1; i < lines.count && !ones; i++)
        turn_score(lines.items[i], LONGEST_LINE);
    snprintf(yaml, sizeof yaml,
             "version: 1\ndata: {t: {path: t.csv, label: label, prediction: prediction, score: score, "
             "positive: %d}}\n"
             "gates: [{gate: fairness, attributes: [g5], checks: ['%s']}]\n",
             ones, ones ? row->of_ones : row->of_zeros);
    run_on(run, &lines, yaml);
    free_lines(&lines);
}

static void test_mirror(void **state)
{
    const struct mirror_row *row = *state;
    struct suite_run ones, zeros;
    run_mirrored(&ones, row, true);
    run_mirrored(&zeros, row, false);
    assert_int_equal(ones.results.gates[0].reported_count, 1);
    assert_int_equal(zeros.results.gates[0].reported_count, 1);
    const struct mlg_check_result *one = &ones.results.gates[0].reported[0];
    const struct mlg_check_result *zero = &zeros.results.gates[0].reported[0];
    if (!one->estimate.known || !zero->estimate.known)
        fail_msg("%s", one->estimate.known ? zero->reason : one->reason);
    assert_same(row->name, "the value", zero->estimate, one->estimate, 1e-13);
    assert_same(row->name, "the lower bound", zero->lower, one->lower, 1e-9);
    assert_same(row->name, "the upper bound", zero->upper, one->upper, 1e-9);
    suite_run_end(&ones);
    suite_run_end(&zeros);
}

/* ---- all ---------------------------------------------------------------------------------------- */

int main(void)
{
    static char names[3 * COUNT(worlds)][128];
    struct CMUnitTest tests[3 * COUNT(worlds) + COUNT(mirrors)];
    size_t count = 0;
    static const struct {
        const char *says;
        CMUnitTestFunction test;
    } properties[] = {{"rows in any order give the same bytes", test_order},
                      {"parts in any order give the same bytes", test_parts},
                      {"groups by any name give the same numbers", test_names}};
    for (size_t w = 0; w < COUNT(worlds); w++)
        for (size_t p = 0; p < COUNT(properties); p++, count++) {
            snprintf(names[count], sizeof names[count], "%s: %s", worlds[w].name, properties[p].says);
            tests[count] = (struct CMUnitTest){names[count], properties[p].test, NULL, NULL,
                                               (void *)(uintptr_t)&worlds[w]};
        }
    NAMED_ROWS(tests, count, mirrors, test_mirror);
    return _cmocka_run_group_tests("properties of disparities", tests, count, NULL, NULL);
}
