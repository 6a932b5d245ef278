/* How well scores rank: values and standard errors against tests/oracles/ranking.py, the sort against the
 * plain one, what is undefined and what is refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "measure.h"
#include "named_rows.h"
#include "ranking_rows.h"

static const char *const metrics[] = {"roc_auc",
                                      "average_precision",
                                      "precision_at_recall",
                                      "recall_at_precision",
                                      "tpr_at_fpr",
                                      "specificity_at_recall",
                                      NULL};

static void near(double value, double expected, double relative)
{
    if (!(fabs(value - expected) <= relative * fabs(expected)))
        fail_msg("%.17g instead of %.17g", value, expected);
}

/* ---- small tables ------------------------------------------------------------------------------- */

static const struct mlg_data log_odds = {
    .name = "t", .path = "t.csv", .label = "y", .score.column = "s", .link = MLG_LINK_LOGIT};
static const struct mlg_data one_score = {.name = "t", .path = "t.csv", .label = "y", .score.column = "s"};
static const struct mlg_data with_weights = {
    .name = "t", .path = "t.csv", .label = "y", .score.column = "s", .weight = "w"};
static const struct mlg_data with_clusters = {
    .name = "t", .path = "t.csv", .label = "y", .score.column = "s", .cluster = "c"};
static const struct mlg_data three_scores = {
    .name = "t", .path = "t.csv", .label = "y", .score_prefix = "p_"};
static const struct mlg_data three_scores_weighted = {
    .name = "t", .path = "t.csv", .label = "y", .score_prefix = "p_", .weight = "w"};

struct small {
    const char *name;
    const struct mlg_data *data;
    const char *check, *table;
    const char *reason; /* of the undefined or refused; NULL: the value */
    double value;
};

static const struct small undefined[] = {
    {"an area of one class is undefined and says which", &one_score, "roc_auc", "y,s\n0,0.1\n0,0.2\n0,0.3\n",
     "only one class in the labels: 3 rows, all '0'", 0},
    {"one row is told as one", &one_score, "roc_auc", "y,s\n0,0.1\n",
     "only one class in the labels: 1 row, '0'", 0},
    {"an area without negatives is undefined", &one_score, "roc_auc", "y,s\n1,0.1\n1,0.2\n",
     "only one class in the labels: 2 rows, all '1'", 0},
    {"rows of weight 0 are no second class", &with_weights, "roc_auc", "y,s,w\n0,0.1,1\n0,0.4,2\n1,0.2,0\n",
     "only one class in the labels: 2 rows, all '0'", 0},
    {"average precision without negatives is undefined, not 1", &one_score, "average_precision",
     "y,s\n1,0.1\n1,0.2\n", "only one class in the labels: 2 rows, all '1'", 0},
    {"average precision without positives is undefined, not 0", &one_score, "average_precision",
     "y,s\n0,0.1\n0,0.2\n", "no positive labels in 2 rows", 0},
    {"an area against the rest needs every class", &three_scores, "roc_auc",
     "y,p_a,p_b,p_c\na,1,0,0\nb,0,1,0\nb,0,0,1\n", "no row of class 'c' among 3 rows", 0},
    {"the areas of pairs need every class", &three_scores, "roc_auc(multi_class=ovo)",
     "y,p_a,p_b,p_c\na,1,0,0\nb,0,1,0\nb,0,0,1\n", "no row of class 'c' among 3 rows", 0},
    {"macro average precision needs every class", &three_scores, "average_precision",
     "y,p_a,p_b,p_c\na,1,0,0\nb,0,1,0\nb,0,0,1\n", "no row of class 'c' among 3 rows", 0},
    {"a precision that no threshold reaches is undefined and names the best", &one_score,
     "recall_at_precision(0.9)", "y,s\n0,0.9\n1,0.8\n1,0.7\n0,0.1\n",
     "no threshold reaches a precision of 0.9; the best is 0.666667", 0},
    {"a precision at a recall needs positives", &one_score, "precision_at_recall(0.5)", "y,s\n0,0.9\n0,0.8\n",
     "no positive labels in 2 rows", 0},
    {"a true positive rate at a false one needs negatives", &one_score, "tpr_at_fpr(0.5)",
     "y,s\n1,0.9\n1,0.8\n", "only one class in the labels: 2 rows, all '1'", 0},
    {"without a known positive class the labels are named", &one_score, "roc_auc", "y,s\nno,0.1\nyes,0.2\n",
     "'no'", 0},
};

static const struct small refused[] = {
    {"pairs of classes take no weights", &three_scores_weighted, "roc_auc(multi_class=ovo)",
     "y,p_a,p_b,p_c,w\na,1,0,0,1\n", "takes no weights", 0},
    {"a partial area is for two classes", &three_scores, "roc_auc(max_fpr=0.1)", "y,p_a,p_b,p_c\na,1,0,0\n",
     "is for two classes, but there are scores of 3", 0},
    {"an area is not micro-averaged", &three_scores, "roc_auc(average=micro)", "y,p_a,p_b,p_c\na,1,0,0\n",
     "unknown value 'micro'; 'average' takes one of auto, macro or weighted", 0},
    {"a partial area has nothing to average", &one_score, "roc_auc(max_fpr=0.1, average=macro)",
     "y,s\n1,1\n0,0\n", "nothing to average", 0},
    {"a constraint is for two classes", &three_scores, "tpr_at_fpr(0.1)", "y,p_a,p_b,p_c\na,1,0,0\n",
     "is for two classes, but there are scores of 3", 0},
    {"a constraint needs its rate", &one_score, "tpr_at_fpr", "y,s\n1,1\n0,0\n", "needs its argument 'x'", 0},
};

static const struct small values[] = {
    {"log odds that are 1 as probabilities are told apart", &log_odds, "roc_auc",
     "y,s\n1,60\n0,42\n1,43\n0,38\n1,-2\n0,-3\n", NULL, 7.0 / 9},
    {"ties count half", &one_score, "roc_auc", "y,s\n0,0.5\n1,0.5\n0,0.2\n1,0.5\n", NULL, 0.75},
    {"minus zero equals zero", &one_score, "roc_auc", "y,s\n0,0\n1,-0.0\n0,-0.0\n1,0\n", NULL, 0.5},
    {"a reversed score has an area of 0", &one_score, "roc_auc", "y,s\n0,0.9\n1,0.1\n0,0.8\n1,0.2\n", NULL,
     0},
    {"the smallest doubles are told apart", &one_score, "roc_auc",
     "y,s\n0,0\n1,5e-324\n0,-5e-324\n1,1e-323\n", NULL, 1},
    {"large and negative scores are in order", &one_score, "roc_auc",
     "y,s\n0,-1e308\n1,1e308\n0,-2\n1,-1\n1,-1e307\n", NULL, 5.0 / 6},
    {"a partial area of perfect scores is 1", &one_score, "roc_auc(max_fpr=0.1)",
     "y,s\n0,0.1\n1,0.9\n0,0.2\n1,0.8\n", NULL, 1},
    {"a partial area of equal scores is a half", &one_score, "roc_auc(max_fpr=0.1)",
     "y,s\n0,1\n1,1\n0,1\n1,1\n", NULL, 0.5},
    {"perfect scores have average precision 1", &one_score, "average_precision",
     "y,s\n0,0.1\n1,0.9\n0,0.2\n1,0.8\n", NULL, 1},
    {"equal scores have the base rate as average precision", &one_score, "average_precision",
     "y,s\n0,1\n1,1\n0,1\n0,1\n", NULL, 0.25},
    {"two columns are one: that of the positive class", &three_scores, "roc_auc",
     "y,p_0,p_1\n0,0.9,0.1\n1,0.2,0.8\n0,0.3,0.7\n1,0.6,0.4\n", NULL, 0.75},
    {"where even the highest score is wrong the curve begins at 0", &one_score, "tpr_at_fpr(0.1)",
     "y,s\n0,0.9\n1,0.8\n1,0.7\n", NULL, 0},
    {"a recall is met exactly", &one_score, "precision_at_recall(60%)",
     "y,s\n1,0.9\n1,0.8\n1,0.7\n0,0.6\n1,0.5\n1,0.4\n", NULL, 1},
    {"the area of a constant is a half", &one_score, "constant_score(roc_auc)", "y,s\n0,0.1\n1,0.9\n0,0.2\n",
     NULL, 0.5},
    {"the average precision of a constant is the base rate", &one_score, "constant_score(average_precision)",
     "y,s\n0,0.1\n1,0.9\n0,0.2\n0,0.3\n", NULL, 0.25},
    {"over all classes a constant's average precision is their number's inverse", &three_scores,
     "constant_score(average_precision)", "y,p_a,p_b,p_c\na,1,0,0\nb,0,1,0\nc,0,0,1\nc,0,1,0\n", NULL,
     1.0 / 3},
};

static int measure_small(struct measure *measure, const struct small *row)
{
    measure_begin(measure, row->data);
    world_memory_put(&measure->world, "t.csv", WORLD_MEMORY_FILE, row->table, strlen(row->table));
    return measure_check(measure, row->check);
}

static void is_undefined(void **state)
{
    const struct small *row = *state;
    struct measure measure;
    if (measure_small(&measure, row) != MLG_OK)
        fail_msg("%s", measure.error.text);
    assert_int_equal(measure.evidence.kind, MLG_UNDEFINED);
    if (!strstr(measure.evidence.reason, row->reason))
        fail_msg("'%s' does not say '%s'", measure.evidence.reason, row->reason);
    measure_end(&measure);
}

static void is_refused(void **state)
{
    const struct small *row = *state;
    struct measure measure;
    assert_int_equal(measure_small(&measure, row), MLG_CONFIG);
    if (!strstr(measure.error.text, row->reason))
        fail_msg("'%s' does not say '%s'", measure.error.text, row->reason);
    measure_end(&measure);
}

static void has_the_value(void **state)
{
    const struct small *row = *state;
    struct measure measure;
    if (measure_small(&measure, row) != MLG_OK)
        fail_msg("%s", measure.error.text);
    assert_string_equal(measure.evidence.reason, "");
    assert_true(measure.evidence.value == row->value);
    measure_end(&measure);
}

/* ---- bounds ------------------------------------------------------------------------------------- */

static struct mlg_bounds bounds_of(const struct mlg_data *data, const char *check, const char *table)
{
    struct measure measure;
    const struct small row = {"", data, check, table, NULL, 0};
    if (measure_small(&measure, &row) != MLG_OK)
        fail_msg("%s", measure.error.text);
    struct mlg_bounds bounds = mlg_interval(&measure.evidence, 0.95, MLG_METHOD_COUNT, 1);
    measure_end(&measure);
    return bounds;
}

static void separated_scores_are_not_certain(void **state)
{
    (void)state;
    const char *table = "y,s,w\n0,0.1,0.3\n0,0.2,1.7\n0,0.3,1\n1,0.8,0.1\n1,0.9,2\n";
    struct mlg_bounds bounds = bounds_of(&one_score, "roc_auc", table);
    near(bounds.lower, sqrt(1 - 0.95), 1e-12);
    assert_true(bounds.upper == 1);
    bounds = bounds_of(&with_weights, "roc_auc", table); /* 2.1^2 / 4.01 effective positives */
    near(bounds.lower, pow(1 - 0.95, 4.01 / 4.41), 1e-12);
    bounds = bounds_of(&one_score, "average_precision", table);
    near(bounds.lower, sqrt(1 - 0.95), 1e-12);
    assert_int_equal(bounds.method, MLG_METHOD_CLOPPER_PEARSON);
    bounds = bounds_of(&with_weights, "average_precision", table);
    near(bounds.lower, pow(1 - 0.95, 4.01 / 4.41), 1e-12);
}

static void equal_scores_are_not_certain(void **state)
{
    (void)state;
    struct mlg_bounds bounds = bounds_of(&one_score, "roc_auc", "y,s\n0,1\n0,1\n1,1\n1,1\n");
    near(bounds.lower, 1 - sqrt(0.95), 1e-12); /* one of two trials */
    near(bounds.upper, sqrt(0.95), 1e-12);
}

static void one_row_of_a_class_has_no_variance(void **state)
{
    (void)state;
    assert_false(bounds_of(&one_score, "roc_auc", "y,s\n0,0.1\n0,0.5\n1,0.3\n").known);
    assert_true(bounds_of(&one_score, "roc_auc", "y,s\n0,0.1\n0,0.2\n1,0.3\n").known);
}

static void a_partial_area_has_no_interval(void **state)
{
    (void)state;
    const char *table = "y,s,c\n0,0.1,a\n1,0.2,b\n0,0.3,c\n1,0.8,a\n1,0.9,b\n";
    assert_false(bounds_of(&one_score, "roc_auc(max_fpr=0.5)", table).known);
    assert_false(bounds_of(&with_clusters, "roc_auc(max_fpr=0.5)", table).known);
    assert_false(bounds_of(&one_score, "tpr_at_fpr(0.5)", table).known);
    assert_false(bounds_of(&with_clusters, "tpr_at_fpr(0.5)", table).known);
    assert_true(bounds_of(&with_clusters, "roc_auc", table).known);
}

static void boyds_interval_of_average_precision(void **state)
{
    (void)state;
    /* Precisions 1, 2/3: the value is 5/6 on two positives; logit 1.6094, error 1/sqrt(2 * 5/36) = 1.8974.
     * Student's t with one degree of freedom is 6.3138. The lower bound is lowered by what the value is too
     * high on average, and ends at 0. */
    struct mlg_bounds bounds =
        bounds_of(&one_score, "average_precision", "y,s\n1,0.9\n0,0.8\n1,0.7\n0,0.1\n");
    assert_true(bounds.lower == 0);
    near(bounds.upper, 1 / (1 + exp(-6.3137515146750430 * 1.8973665961010276 - log(5))), 1e-12);
    assert_int_equal(bounds.method, MLG_METHOD_LOGIT);
    bounds = bounds_of(&with_weights, "average_precision", "y,s,w\n1,0.9,1\n0,0.8,1\n1,0.7,1\n0,0.1,1\n");
    assert_int_equal(bounds.method, MLG_METHOD_LINEARISED);
    assert_true(bounds.lower == 0 && 5.0 / 6 < bounds.upper && bounds.upper < 1);
}

/* ---- the order of rows -------------------------------------------------------------------------- */

/* A table of 600 rows with ties and weights, from row `start` on, in steps of `step`. */
static char *shuffled(unsigned start, unsigned step)
{
    enum { ROWS = 600, ROOM = 64 };
    char *text = malloc(ROWS * ROOM), *at = text;
    assert_non_null(text);
    at += sprintf(at, "y,s,w,c\n");
    for (unsigned i = 0; i < ROWS; i++) {
        const unsigned row = (start + i * step) % ROWS, mixed = row * 2654435761U;
        at += sprintf(at, "%u,%.2f,%.9f,c%u\n", mixed >> 7 & 1,
                      (mixed >> 12) % 97 / 97.0 + (mixed >> 7 & 1) * 0.2, 0.1 + (mixed >> 9) % 1009 / 1009.0,
                      row % 23);
    }
    return text;
}

static void the_order_of_rows_leaves_no_trace(void **state)
{
    (void)state;
    static const char *const checks[] = {"roc_auc", "average_precision", "roc_auc(max_fpr=0.2)",
                                         "precision_at_recall(0.7)", "tpr_at_fpr(0.2)"};
    static const struct mlg_data all = {
        .name = "t", .path = "t.csv", .label = "y", .score.column = "s", .weight = "w", .cluster = "c"};
    const struct mlg_data *const datas[] = {&one_score, &with_weights, &with_clusters, &all};
    char *first = shuffled(0, 1), *second = shuffled(77, 7);
    for (size_t d = 0; d < COUNT(datas); d++)
        for (size_t c = 0; c < COUNT(checks); c++) {
            struct measure a, b;
            const struct small of_first = {"", datas[d], checks[c], first, NULL, 0};
            const struct small of_second = {"", datas[d], checks[c], second, NULL, 0};
            assert_int_equal(measure_small(&a, &of_first), MLG_OK);
            assert_int_equal(measure_small(&b, &of_second), MLG_OK);
            assert_true(a.evidence.value == b.evidence.value);
            assert_true(a.evidence.standard_error == b.evidence.standard_error);
            assert_true(a.evidence.value > 0.5 || strcmp(checks[c], "tpr_at_fpr(0.2)") == 0);
            measure_end(&a);
            measure_end(&b);
        }
    free(first);
    free(second);
}

static void a_slice_is_judged_as_if_it_were_alone(void **state)
{
    (void)state;
    const char *together =
        "y,s,w,g\n0,0.3,1,a\n1,0.2,2,b\n1,0.6,1,a\n0,0.1,3,b\n1,0.4,2,a\n0,0.5,1,a\n0,0.9,1,b\n";
    const char *alone = "y,s,w,g\n0,0.3,1,a\n1,0.6,1,a\n1,0.4,2,a\n0,0.5,1,a\n";
    const struct mlg_data *const datas[] = {&one_score, &with_weights};
    for (size_t d = 0; d < COUNT(datas); d++) {
        struct measure a, b;
        const struct small row = {"", datas[d], "roc_auc", alone, NULL, 0};
        measure_begin(&a, datas[d]);
        world_memory_put(&a.world, "t.csv", WORLD_MEMORY_FILE, together, strlen(together));
        a.slice_column = "g";
        assert_int_equal(measure_check(&a, "roc_auc"), MLG_OK);
        assert_int_equal(measure_small(&b, &row), MLG_OK);
        assert_true(a.evidence.value == b.evidence.value);
        assert_true(a.evidence.standard_error == b.evidence.standard_error);
        assert_int_equal(a.evidence.n, 4);
        measure_end(&a);
        measure_end(&b);
    }
}

/* ---- the sort ----------------------------------------------------------------------------------- */

enum { MANY = 200000 }; /* more than are sorted beside themselves */

static double pattern(unsigned which, size_t i, uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    const double uniform = (double)(*random >> 11) * 0x1p-53;
    uint64_t bits;
    double value;
    switch (which) {
    case 0:
        return uniform;
    case 1:
        return floor(uniform * 100) / 100;
    case 2:
        return uniform < 0.5 ? 0 : uniform;
    case 3: /* a range that two outliers make useless */
        return i == 0 ? 1e-300 : i == 1 ? 1 : 0.5 + uniform * 1e-9;
    case 4: /* outliers at every level of the range */
        bits = 0x3fe0000000000000U ^ (i < 52 ? (uint64_t)1 << i : *random % 1024);
        memcpy(&value, &bits, sizeof value);
        return value;
    case 5:
        return 0.25;
    case 6:
        return (double)i;
    case 7:
        return -(double)i;
    case 8: /* any double */
        memcpy(&value, random, sizeof value);
        return isfinite(value) ? value : 0;
    default:
        return uniform < 0.3 ? -0.0 : uniform < 0.6 ? 0.0 : uniform - 0.8;
    }
}

static int descending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

static void any_pattern_of_scores_is_sorted(void **state)
{
    const unsigned which = (unsigned)(uintptr_t)*state;
    double *score = malloc(MANY * sizeof *score), *sorted = malloc(MANY * sizeof *sorted);
    double *weight = malloc(MANY * sizeof *weight);
    uint16_t *label = malloc(MANY * sizeof *label);
    uint64_t random = 88172645463325252U;
    assert_true(score && sorted && weight && label);
    for (size_t i = 0; i < MANY; i++) {
        sorted[i] = score[i] = pattern(which, i, &random);
        label[i] = (uint16_t)(random >> 40 & 3);
        weight[i] = 1;
    }
    qsort(sorted, MANY, sizeof *sorted, descending);
    for (int weighted = 0; weighted < 2; weighted++) {
        const double *columns[] = {score};
        struct mlg_scan scan = {.kept = {.count = MANY,
                                         .label = label,
                                         .scores = columns,
                                         .ranks = columns,
                                         .score_count = 1,
                                         .weight = weighted ? weight : NULL}};
        struct mlg_arena arena;
        struct mlg_ranked_block block;
        double last = INFINITY;
        size_t at = 0, positives = 0;
        mlg_arena_init(&arena, 0);
        struct mlg_view view = {.scan = &scan, .scratch = &arena};
        const struct mlg_ranked_view *ranked = mlg_ranked(&view, 0, 2, -1);
        assert_non_null(ranked);
        assert_ptr_equal(mlg_ranked(&view, 0, 2, -1), ranked); /* sorted once */
        struct mlg_ranked_walk walk = mlg_ranked_begin(ranked);
        while (mlg_ranked_next(&walk, &block)) {
            const size_t rows = (size_t)(block.positive + block.negative);
            assert_true(block.score < last);
            assert_true(rows > 0 && at + rows <= MANY);
            for (size_t i = at; i < at + rows; i++)
                if (sorted[i] != block.score)
                    fail_msg("row %zu is %.17g, not %.17g", i, sorted[i], block.score);
            assert_true(block.positive_square == block.positive);
            positives += (size_t)block.positive;
            last = block.score;
            at += rows;
        }
        assert_int_equal(at, MANY);
        assert_int_equal(positives, ranked->positive_rows);
        /* One class against one other: the rows of the third and fourth are left out. */
        const struct mlg_ranked_view *pair = mlg_ranked(&view, 0, 2, 1);
        assert_non_null(pair);
        assert_int_equal(pair->positive_rows, ranked->positive_rows);
        assert_true(pair->negative_rows > MANY / 5 && pair->negative_rows < MANY / 3);
        mlg_arena_free(&arena);
    }
    free(score);
    free(sorted);
    free(weight);
    free(label);
}

static void no_memory_is_told(void **state)
{
    (void)state;
    double score[1000] = {0};
    uint16_t label[1000] = {0};
    const double *columns[] = {score};
    struct mlg_scan scan = {
        .kept = {.count = 1000, .label = label, .scores = columns, .ranks = columns, .score_count = 1}};
    struct mlg_arena arena;
    struct mlg_error error = {0};
    struct mlg_evidence evidence = {0};
    mlg_arena_init(&arena, 4096);
    struct mlg_view view = {.scan = &scan, .scratch = &arena};
    const struct mlg_call call = {.metric = mlg_metric_find("roc_auc"),
                                  .arguments = mlg_metric_arguments_defaults};
    assert_int_equal(mlg_call_evaluate(&call, &view, &evidence, &error), MLG_LIMIT);
    assert_string_equal(error.text, "no memory to sort the scores");
    mlg_arena_free(&arena);
}

/* ---- main --------------------------------------------------------------------------------------- */

int main(void)
{
    enum { MOST = 300, PATTERNS = 10 };
    static const char *const patterns[PATTERNS] = {"uniform scores are sorted",
                                                   "scores of two decimals are sorted",
                                                   "scores half of which are 0 are sorted",
                                                   "scores with outliers are sorted",
                                                   "scores with outliers at every level are sorted",
                                                   "equal scores are sorted",
                                                   "ascending scores are sorted",
                                                   "descending scores are sorted",
                                                   "doubles of any size are sorted",
                                                   "zeros of both signs are sorted"};
    static const struct CMUnitTest plain[] = {
        cmocka_unit_test(separated_scores_are_not_certain),
        cmocka_unit_test(equal_scores_are_not_certain),
        cmocka_unit_test(one_row_of_a_class_has_no_variance),
        cmocka_unit_test(a_partial_area_has_no_interval),
        cmocka_unit_test(boyds_interval_of_average_precision),
        cmocka_unit_test(the_order_of_rows_leaves_no_trace),
        cmocka_unit_test(a_slice_is_judged_as_if_it_were_alone),
        cmocka_unit_test(no_memory_is_told),
    };
    static struct ranking_row rows[MOST];
    static struct CMUnitTest
        tests[MOST + COUNT(undefined) + COUNT(refused) + COUNT(values) + PATTERNS + COUNT(plain)];
    const size_t row_count = ranking_rows_read(metrics, rows, MOST);
    size_t count = 0;
    if (row_count < 90) {
        fprintf(stderr, "tests/oracles/ranking_expected.csv is short\n");
        return 1;
    }
    NAMED_ROWS_READ(tests, count, rows, row_count, ranking_row_test);
    NAMED_ROWS(tests, count, undefined, is_undefined);
    NAMED_ROWS(tests, count, refused, is_refused);
    NAMED_ROWS(tests, count, values, has_the_value);
    for (uintptr_t i = 0; i < PATTERNS; i++)
        tests[count++] =
            (struct CMUnitTest){patterns[i], any_pattern_of_scores_is_sorted, NULL, NULL, (void *)i};
    for (size_t i = 0; i < COUNT(plain); i++)
        tests[count++] = plain[i];
    return _cmocka_run_group_tests("ranking", tests, count, NULL, NULL);
}
