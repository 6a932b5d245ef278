/* Metrics of ranked lists: values, ties, what is left out, weights, clusters, paired differences. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "expected_rows.h"
#include "measure.h"
#include "named_rows.h"

#define DATA .name = "test", .path = "t.csv", .threshold = 0.5, .label = "y", .query = "q"

static const struct mlg_data ranked = {DATA, .score.column = "s"};
static const struct mlg_data weighted = {DATA, .score.column = "s", .weight = "w"};
static const struct mlg_data clustered = {DATA, .score.column = "s", .cluster = "c"};
static const struct mlg_data columns = {DATA, .score_prefix = "p_"};
static const struct mlg_data without_query = {
    .name = "test", .path = "t.csv", .threshold = 0.5, .label = "y", .score.column = "s"};

/* ---- values ------------------------------------------------------------------------------------- */

struct value_row {
    const char *name;
    const struct mlg_data *data;
    const char *check, *table;
    double value;
    uint64_t n; /* queries */
    enum mlg_method method;
    const char *note;
};

#define ALONE "one query alone has no interval"
#define NONE MLG_METHOD_NONE

static const struct value_row value_rows[] = {
    {"scikit-learn's example of ndcg", &ranked, "ndcg", "q,y,s\na,10,.1\na,0,.2\na,0,.3\na,1,4\na,5,70\n",
     0.6956940443813076, 1, NONE, ALONE},
    {"scikit-learn's example of ndcg with ties, k = 1", &ranked, "ndcg(k=1)",
     "q,y,s\na,10,1\na,0,0\na,0,0\na,1,0\na,5,1\n", 0.75, 1, NONE, ALONE},
    {"a perfect order of decimal labels scores exactly 1", &ranked, "ndcg",
     "q,y,s\na,.1,1\na,.7,3\na,.3,2\na,.3,2\nb,.9,5\nb,.2,1\n", 1, 2, MLG_METHOD_CLOPPER_PEARSON, ""},
    {"labels near the largest double do not overflow", &ranked, "ndcg",
     "q,y,s\na,1.7e308,1\na,1.7e308,1\na,1.7e308,1\n", 1, 1, NONE, ALONE},
    {"labels near the smallest double do not vanish", &ranked, "ndcg(1)", "q,y,s\na,1e-323,1\na,5e-324,2\n",
     0.5, 1, NONE, ALONE},
    {"a query whose labels are all 0 scores 0, and that is told", &ranked, "ndcg",
     "q,y,s\na,0,1\na,0,2\nb,1,1\n", 0.5, 2, MLG_METHOD_T_HALL,
     "1 query without a relevant row scores 0; 1 query consists of one row only, which any score ranks "
     "alike"},
    {"-0 and 0 are one score", &ranked, "ndcg(1)", "q,y,s\na,1,-0\na,0,0\n", 0.5, 1, NONE, ALONE},
    {"average precision by hand: (1/2 + 2/3) / 2", &ranked, "map", "q,y,s\na,0,4\na,1,3\na,1,2\na,0,1\n",
     7. / 12, 1, NONE, ALONE},
    {"average precision within k divides by k where more are relevant", &ranked, "map(2)",
     "q,y,s\na,0,4\na,1,3\na,1,2\na,1,1\n", 0.25, 1, NONE, ALONE},
    {"a perfect list has an average precision of 1 for any k", &ranked, "map(k=1)",
     "q,y,s\na,1,4\na,1,3\na,0,2\n", 1, 1, NONE, ALONE},
    {"what is relevant comes last among equal scores", &ranked, "mrr", "q,y,s\na,1,1\na,0,1\na,0,1\n", 1. / 3,
     1, NONE, ALONE},
    {"a label below 0 is not relevant", &ranked, "mrr", "q,y,s\na,-1,3\na,.5,2\na,0,1\n", 0.5, 1, NONE,
     ALONE},
    {"queries without a relevant row are left out and counted", &ranked, "mrr",
     "q,y,s\na,0,3\nb,0,2\nc,0,1\nc,1,0\n", 0.5, 1, NONE, "2 queries without a relevant row are left out"},
    {"hits are a proportion of the queries", &ranked, "hit_rate(2)",
     "q,y,s\na,1,1\na,0,2\nb,0,2\nb,0,3\nb,1,1\nc,1,9\nc,0,1\n", 2. / 3, 3, MLG_METHOD_WILSON, ""},
    {"weights count queries", &weighted, "mrr", "q,y,s,w\na,1,1,3\na,0,2,3\nb,1,2,1\nb,0,1,1\n", 0.625, 2,
     MLG_METHOD_LINEARISED, ""},
    {"a query of weight 0 is not there", &weighted, "ndcg", "q,y,s,w\na,1,1,3\na,0,2,3\nb,0,2,0\n",
     0.63092975357145743, 1, NONE, ALONE},
    {"equal values of all queries are bounded", &weighted, "mrr",
     "q,y,s,w\na,1,3,.3\na,0,2,.3\nb,1,2,.7\nb,0,1,.7\n", 1, 2, MLG_METHOD_CLOPPER_PEARSON, ""},
    {"equal values that are no end of the range are bounded too", &ranked, "mrr",
     "q,y,s\na,1,1\na,0,3\na,0,2\nb,1,1\nb,0,3\nb,0,2\nc,1,1\nc,0,3\nc,0,2\n", 1. / 3, 3,
     MLG_METHOD_CLOPPER_PEARSON, ""},
    {"one cluster says nothing about others", &clustered, "mrr", "q,y,s,c\na,1,1,x\na,0,2,x\nb,1,1,x\n", 0.75,
     2, NONE, "one cluster alone says nothing about the others: bring rows of more clusters"},
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
    if (row->value == 1 ? evidence->value != 1 : !(fabs(evidence->value - row->value) <= 1e-14))
        fail_msg("the value is %.17g", evidence->value);
    assert_int_equal(evidence->n, row->n);
    assert_int_equal(evidence->method, row->method);
    if (!strstr(evidence->reason[0] ? evidence->reason : evidence->note, row->note))
        fail_msg("the note is '%s', the reason '%s'", evidence->note, evidence->reason);
    const struct mlg_bounds bounds = mlg_interval(evidence, 0.95, MLG_METHOD_COUNT, 1);
    assert_int_equal(bounds.known, row->method != NONE);
    if (bounds.known)
        assert_true(bounds.upper - bounds.lower > 0.05 && bounds.lower >= 0 && bounds.upper <= 1);
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
    {"no relevant row at all is undefined", &ranked, "map", "q,y,s\na,0,1\nb,0,2\n", MLG_OK,
     "no relevant row (label above 0) in 2 queries"},
    {"no hit is possible in one query without a relevant row", &ranked, "hit_rate(1)",
     "q,y,s\na,0,1\na,0,2\n", MLG_OK, "no relevant row (label above 0) in 1 query"},
    {"a negative gain is an error", &ranked, "ndcg", "q,y,s\na,1,1\na,-2,1\nb,-1,1\n", MLG_DATA,
     "the label -2 is negative; ndcg takes labels of 0 and above, the gain of each row"},
    {"two weights in one query are an error", &weighted, "mrr",
     "q,y,s,w\na,1,1,3\na,0,2,3\nb,1,2,1\nb,0,1,2\n", MLG_DATA,
     "the weights 1 and 2 stand in one query, and 1 of 2 queries are like it; mrr takes one weight per "
     "query, "
     "the same in all of its rows"},
    {"a score per class does not rank rows", &columns, "ndcg", "q,y,p_a,p_b\na,1,.4,.6\n", MLG_CONFIG,
     "'ndcg' ranks rows by one score, but there are 2 score columns; name one as 'score'"},
    {"lists need a query", &without_query, "ndcg", "y,s\n1,1\n", MLG_CONFIG, "has no 'query'"},
    {"hits need their k", &ranked, "hit_rate", "q,y,s\na,1,1\n", MLG_CONFIG,
     "'hit_rate' needs its argument 'k', such as hit_rate(k=10)"},
    {"the first relevant row has no k", &ranked, "mrr(10)", "q,y,s\na,1,1\n", MLG_CONFIG,
     "'mrr' takes no arguments"},
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

static void test_a_slice_of_weight_0_is_undefined(void **state)
{
    struct measure measure;
    (void)state;
    measure_begin(&measure, &weighted);
    measure.slice_column = "g";
    world_memory_text(&measure.world, "t.csv", "q,y,s,w,g\na,1,1,0,a\na,0,2,0,a\nb,1,1,2,b\n");
    assert_int_equal(measure_check(&measure, "ndcg"), MLG_OK);
    assert_string_equal(measure.evidence.reason, "all weights of the 2 rows are 0");
    measure_end(&measure);
}

/* A query that two slices share has a list in each of them. */
static void test_a_slice_has_lists_of_its_own(void **state)
{
    struct measure measure;
    (void)state;
    measure_begin(&measure, &ranked);
    measure.slice_column = "g";
    measure.slice = 1;
    world_memory_text(&measure.world, "t.csv", "q,y,s,g\na,0,9,x\na,0,3,y\na,1,2,y\nb,1,1,y\n");
    assert_int_equal(measure_check(&measure, "mrr"), MLG_OK);
    assert_true(fabs(measure.evidence.value - 0.75) < 1e-15);
    assert_int_equal(measure.evidence.n, 2);
    measure_end(&measure);
}

/* ---- order of rows -------------------------------------------------------------------------------- */

static const char *const every_check[] = {"ndcg", "ndcg(3)", "map", "map(2)", "mrr", "hit_rate(1)"};

static int measure_lines(const char *check, const char *header, const char *const *lines, size_t count,
                         bool backwards, struct mlg_evidence *evidence)
{
    char table[4096];
    struct measure measure;
    size_t size = (size_t)snprintf(table, sizeof table, "%s\n", header);
    for (size_t i = 0; i < count; i++)
        size +=
            (size_t)snprintf(table + size, sizeof table - size, "%s\n", lines[backwards ? count - 1 - i : i]);
    measure_begin(&measure, &weighted);
    world_memory_text(&measure.world, "t.csv", table);
    int code = measure_check(&measure, check);
    *evidence = measure.evidence;
    evidence->bounds = NULL;
    evidence->state = NULL;
    measure_end(&measure);
    return code;
}

static void test_order_of_rows_changes_no_bit(void **state)
{
    static const char *const lines[] = {"a,.1,1,.1", "a,.7,1,.1", "a,.3,1,.1",  "b,0,2,.7",    "b,.9,2,.7",
                                        "b,.3,5,.7", "c,1,1,1.3", "c,.6,2,1.3", "c,.2,2,1.3",  "d,.1,3,.9",
                                        "d,.7,3,.9", "d,0,3,.9",  "d,.2,3,.9",  "e,.3,.1,2.1", "e,0,.3,2.1"};
    (void)state;
    for (size_t i = 0; i < COUNT(every_check); i++) {
        struct mlg_evidence one, other;
        assert_int_equal(measure_lines(every_check[i], "q,y,s,w", lines, COUNT(lines), false, &one), MLG_OK);
        assert_int_equal(measure_lines(every_check[i], "q,y,s,w", lines, COUNT(lines), true, &other), MLG_OK);
        assert_memory_equal(&one.value, &other.value, sizeof one.value);
        assert_memory_equal(&one.standard_error, &other.standard_error, sizeof one.standard_error);
        assert_true(one.standard_error > 0);
    }
}

/* ---- clusters and pairs --------------------------------------------------------------------------- */

/* Every query a cluster of its own: the cluster's error is that of the queries. */
static void test_queries_as_clusters_change_nothing(void **state)
{
    static const struct mlg_data own = {DATA, .score.column = "s", .cluster = "q"};
    static const char table[] =
        "q,y,s\na,1,3\na,0,2\na,2,1\nb,0,2\nb,1,1\nc,1,7\nc,0,8\nc,0,9\nd,1,1\nd,0,0\n";
    (void)state;
    for (size_t i = 0; i < COUNT(every_check); i++) {
        struct measure plain, clusters;
        measure_begin(&plain, &ranked);
        measure_begin(&clusters, &own);
        world_memory_text(&plain.world, "t.csv", table);
        world_memory_text(&clusters.world, "t.csv", table);
        assert_int_equal(measure_check(&plain, every_check[i]), MLG_OK);
        assert_int_equal(measure_check(&clusters, every_check[i]), MLG_OK);
        const double rate = plain.evidence.value, expected = plain.evidence.kind == MLG_PROPORTION
                                                                 ? sqrt(rate * (1 - rate) / 3)
                                                                 : plain.evidence.standard_error;
        assert_int_equal(clusters.evidence.method, MLG_METHOD_CLUSTER);
        assert_true(clusters.evidence.degrees == 3);
        if (!(fabs(clusters.evidence.standard_error - expected) <= 1e-14))
            fail_msg("%s: %.17g, not %.17g", every_check[i], clusters.evidence.standard_error, expected);
        measure_end(&plain);
        measure_end(&clusters);
    }
}

/* The error of a difference is that of the differences per query, however many rows a query has. */
static void test_a_difference_is_of_queries(void **state)
{
    static const struct mlg_data candidate = {DATA, .score.column = "s", .id = "id"};
    static const struct mlg_data baseline = {DATA, .score.column = "t", .id = "id"};
    /* Reciprocal ranks 1, 1, 1/2 and 1/2, 1, 1/3: differences 1/2, 0, 1/6. */
    static const char table[] =
        "id,q,y,s,t\n1,a,1,3,2\n2,a,0,2,3\n3,a,0,1,1\n4,b,1,9,9\n5,b,0,8,8\n6,b,0,7,7\n"
        "7,c,1,2,1\n8,c,0,3,3\n9,c,0,1,2\n";
    const double mean = 2. / 9, differences[] = {1. / 2, 0, 1. / 6};
    double squares = 0;
    struct measure measure;
    (void)state;
    for (size_t i = 0; i < COUNT(differences); i++)
        squares += (differences[i] - mean) * (differences[i] - mean) / 9;
    measure_begin(&measure, &candidate);
    measure.baseline = &baseline;
    world_memory_text(&measure.world, "t.csv", table);
    if (measure_check(&measure, "delta(mrr)") != MLG_OK)
        fail_msg("%s", measure.error.text);
    assert_int_equal(measure.evidence.method, MLG_METHOD_PAIRED);
    assert_true(fabs(measure.evidence.value - mean) < 1e-15);
    assert_true(fabs(measure.evidence.standard_error - sqrt(squares * 9 / 8)) < 1e-15);
    measure_end(&measure);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(test_a_slice_of_weight_0_is_undefined),
        cmocka_unit_test(test_a_slice_has_lists_of_its_own),
        cmocka_unit_test(test_order_of_rows_changes_no_bit),
        cmocka_unit_test(test_queries_as_clusters_change_nothing),
        cmocka_unit_test(test_a_difference_is_of_queries),
    };
    struct expected_row *expected;
    const size_t expected_count = expected_rows_read(MLG_SOURCE_DIR "/tests/oracles", true, &expected);
    struct CMUnitTest *tests =
        calloc(expected_count + COUNT(value_rows) + COUNT(refused_rows) + COUNT(others), sizeof *tests);
    size_t count = 0;
    if (!tests)
        return 1;
    NAMED_ROWS_READ(tests, count, expected, expected_count, expected_rows_test);
    NAMED_ROWS(tests, count, value_rows, test_value);
    NAMED_ROWS(tests, count, refused_rows, test_refused);
    for (size_t i = 0; i < COUNT(others); i++)
        tests[count++] = others[i];
    int failed = _cmocka_run_group_tests("metric queries", tests, count, NULL, NULL);
    free(tests);
    free(expected);
    return failed;
}
