/* The scan: roles, classes, slices, exact merging; what is refused, and in which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/scan.h"
#include "mlgate/text.h"
#include "named_rows.h"
#include "world_memory.h"

/* ---- fixture ------------------------------------------------------------------------------------- */

struct fixture {
    struct world_memory memory;
    struct mlg_arena arena;
    struct mlg_reader *reader;
    struct mlg_plan *plan;
    struct mlg_scan *scan;
    struct mlg_error error;
};

static void open_source(struct fixture *f, const struct mlg_data *data, const char *csv)
{
    world_memory_init(&f->memory);
    mlg_arena_init(&f->arena, 0);
    world_memory_text(&f->memory, data->path, csv);
    const struct mlg_reader_options options = {.path = data->path, .decimal = '.'};
    assert_int_equal(mlg_reader_open(&f->memory.world, &f->arena, &options, &f->reader, &f->error), 0);
    f->plan = mlg_plan_new(data, f->reader, &f->arena, &f->error);
}

static int run(struct fixture *f, unsigned threads)
{
    return mlg_scan_run(f->plan, f->reader, &f->memory.world, threads, &f->arena, &f->scan, &f->error);
}

static void close_source(struct fixture *f)
{
    mlg_scan_free(f->scan);
    mlg_reader_close(f->reader);
    mlg_arena_free(&f->arena);
    world_memory_free(&f->memory);
}

/* mlgate.yaml's texts, without going through YAML. */
#define TEXTS(...)                                                                                           \
    {                                                                                                        \
        .items = (const char *[]){__VA_ARGS__}, .count = COUNT(((const char *[]){__VA_ARGS__}))              \
    }
#define DATA(...)                                                                                            \
    {                                                                                                        \
        .name = "test", .path = "x.csv", __VA_ARGS__                                                         \
    }

static const struct mlg_slicing by_sex = {.written = "sex", .columns = {"sex"}, .column_count = 1};
static const struct mlg_slicing by_prediction = {.written = "p", .columns = {"p"}, .column_count = 1};
static const struct mlg_slicing by_race = {.written = "race", .columns = {"race"}, .column_count = 1};
static const struct mlg_slicing by_sex_race = {
    .written = "sex*race", .columns = {"sex", "race"}, .column_count = 2};
static const struct mlg_slicing by_three = {
    .written = "sex*race*group", .columns = {"sex", "race", "group"}, .column_count = 3};
static const struct mlg_slicing by_group = {.written = "group", .columns = {"group"}, .column_count = 1};
static const struct mlg_slicing young = {.written = "age < 25",
                                         .columns = {"age"},
                                         .column_count = 1,
                                         .is_comparison = true,
                                         .comparator = MLG_BELOW,
                                         .bound = {25, 0, true, 25}};
static const struct mlg_slicing ancient = {.written = "age >= 200",
                                           .columns = {"age"},
                                           .column_count = 1,
                                           .is_comparison = true,
                                           .comparator = MLG_AT_LEAST,
                                           .bound = {200, 0, true, 200}};
static const char *declared_races[] = {"white", "green", "white"};
static const struct mlg_slicing declared_race = {.written = "race",
                                                 .columns = {"race"},
                                                 .column_count = 1,
                                                 .declared = declared_races,
                                                 .declared_count = 3};

/* ---- what is refused ----------------------------------------------------------------------------- */

enum { ALL_READS = MLG_READS_LABEL | MLG_READS_PREDICTION };

struct refusal {
    const char *sentence;
    struct mlg_data data;
    const char *csv;
    unsigned reads;
    const char *expected; /* the error begins like this */
    const struct mlg_slicing *slicing;
    unsigned long line; /* 0: no place */
    size_t slice_limit;
};

static const struct refusal refusals[] = {
    {"a misspelt column is answered with the nearest", DATA(.label = "lable"), "id,label,score\n1,a,0\n", 0,
     .expected = "column 'lable' (label) is not in 'x.csv'; did you mean 'label'? columns: id, label, score"},
    {"a column that resembles none is answered with all", DATA(.weight = "importance"), "a,b\n1,2\n", 0,
     .expected = "column 'importance' (weight) is not in 'x.csv'; columns: a, b"},
    {"a space before a name is shown", DATA(.label = "y", .weight = "w"), "y, w\na,2\n", 0,
     .expected = "column 'w' (weight) is not in 'x.csv'; did you mean ' w' (with a space)? columns: y,  w"},
    {"a prefix that fits another role too is answered with a narrower one",
     DATA(.label = "y", .prediction = "pred", .score_prefix = "p"), "y,pred,p_a,p_b\na,a,0.9,0.1\n", 0,
     .expected =
         "score_prefix 'p' of 'test' fits the column 'pred' too, which is the prediction; did you mean "
         "'p_'?"},
    {"or with what is wrong about it", DATA(.label = "y", .prediction = "p_x", .score_prefix = "p_"),
     "y,p_x,p_a,p_b\na,a,0.9,0.1\n", 0,
     .expected = "score_prefix 'p_' of 'test' fits the column 'p_x' too, which is the prediction; it needs a "
                 "prefix that score columns alone have"},
    {"a role that nothing reads must exist too", DATA(.label = "y", .time = "when"), "y\n1\n",
     MLG_READS_LABEL, .expected = "column 'when' (time) is not in 'x.csv'"},
    {"a role that is not configured is named with its key", DATA(.label = "y"), "y,p\n1,1\n", MLG_READS_SCORE,
     .expected = "the data source 'test' has no 'score'; add 'score: COLUMN' under data.test"},
    {"predictions may come from a score", DATA(.label = "y"), "y,p\n1,1\n", MLG_READS_PREDICTION,
     .expected =
         "the data source 'test' has no 'prediction'; add 'prediction: COLUMN' or 'score: COLUMN' under"},
    {"a slice's column must exist", DATA(.label = "y"), "y,sexe\n1,m\n", MLG_READS_LABEL,
     .expected = "column 'sex' (slice) is not in 'x.csv'; did you mean 'sexe'?", .slicing = &by_sex},
    {"score_prefix needs two columns", DATA(.score_prefix = "p_"), "y,p_a\na,1\n", 0,
     .expected = "score_prefix 'p_' fits one column only of 'x.csv'; it needs a column per class"},
    {"score_prefix that fits nothing", DATA(.score_prefix = "q_"), "y,p_a\na,1\n", 0,
     .expected = "score_prefix 'q_' fits no column of 'x.csv'"},
    {"two score columns of one class", DATA(.score_prefix = "p_"), "y,p_1,p_1.0\n1,0.5,0.5\n", 0,
     .expected = "columns 'p_1' and 'p_1.0' are both the score of class '1.0' of 'test'"},
    {"softmax of one column", DATA(.score = {.column = "p"}, .link = MLG_LINK_SOFTMAX), "y,p\n1,0.5\n", 0,
     .expected = "link 'softmax' of data.test needs a score column per class"},
    {"no rows", DATA(.label = "y"), "y\n", MLG_READS_LABEL, .expected = "'x.csv' has no rows"},
    {"all rows dropped", DATA(.label = "y", .weight = "w", .missing = MLG_MISSING_DROP, .max_missing = 1),
     "y,w\na,\n,1\n", MLG_READS_LABEL,
     .expected =
         "2 of 2 rows of 'x.csv' miss a value and were dropped, so that none is left; missing: y 1, w 1"},
    {"more rows dropped than max_missing",
     DATA(.label = "y", .missing = MLG_MISSING_DROP, .max_missing = 0.2), "y,w\na,1\nNA,1\na,1\na,1\n",
     MLG_READS_LABEL,
     .expected = "1 of 4 rows of 'x.csv' misses a value and was dropped, more than max_missing 0.2 allows; "
                 "missing: y 1"},
    {"a negative weight", DATA(.label = "y", .weight = "w"), "y,w\na,1\na,-0.5\n", MLG_READS_LABEL,
     .expected = "weight -0.5 in column 'w' is negative", .line = 3},
    {"weights that are all 0", DATA(.label = "y", .weight = "w"), "y,w\na,0\na,0\n", MLG_READS_LABEL,
     .expected = "all weights in column 'w' of 'x.csv' are 0"},
    {"a probability over 1", DATA(.score = {.column = "p"}), "p\n1\n0\n1.25\n", MLG_READS_PROBABILITY,
     .expected = "score 1.25 in column 'p' is not in [0, 1], but a probability is needed", .line = 4},
    {"probabilities that do not sum to 1", DATA(.score_prefix = "p_"), "p_a,p_b\n0.5,0.5\n0.25,0.5\n",
     MLG_READS_PROBABILITY, .expected = "the 2 probabilities of the row sum to 0.75 instead of 1", .line = 3},
    {"a label without a score column", DATA(.label = "y", .score_prefix = "p_"),
     "y,p_a,p_b\na,0.5,0.5\nc,0.5,0.5\n", MLG_READS_LABEL | MLG_READS_SCORE,
     .expected = "label 'c' has no score column; the 2 score columns of 'test' start with 'p_a' for 'a'",
     .line = 3},
    {"a listed class without a score column",
     DATA(.label = "y", .score_prefix = "p_", .labels = TEXTS("a", "b", "c")), "y,p_a,p_b\na,0.5,0.5\n",
     MLG_READS_LABEL | MLG_READS_SCORE,
     .expected = "class 'c' of 'test' has no score column; there are columns for 'a', 'b'"},
    {"a label that is not listed", DATA(.label = "y", .labels = TEXTS("a", "b")), "y\na\nb\nc\n",
     MLG_READS_LABEL, .expected = "label 'c' in column 'y' is not among the labels of 'test'", .line = 4},
    {"labels and predictions without a common class", DATA(.label = "y", .prediction = "p"),
     "y,p\n0,no\n1,yes\n", ALL_READS,
     .expected =
         "labels and predictions of 'test' share no class: labels are '0', '1', predictions 'no', 'yes'"},
    {"probabilities as predictions", DATA(.label = "y", .prediction = "p"), "y,p\n0,0.25\n1,0.875\n1,1e-7\n",
     ALL_READS,
     .expected =
         "the predictions of 'test' (column 'p') are numbers from 0 to 1, such as 1e-7, and none is a "
         "label ('0', '1'); if they are probabilities, name the column by 'score: COLUMN' under "
         "data.test, not as the prediction"},
    {"a positive class that nothing is", DATA(.label = "y", .positive = ">50k"), "y\n>50K\n<=50K\n",
     MLG_READS_LABEL,
     .expected = "positive '>50k' is no class of 'test'; did you mean '>50K'? the labels seen are '<=50K', "
                 "'>50K'"},
    {"a positive class that resembles none", DATA(.label = "y", .positive = "spam"), "y\n0\n1\n",
     MLG_READS_LABEL, .expected = "positive 'spam' is no class of 'test'; the labels seen are '0', '1'"},
    {"numbers and text mixed so that the positive class is two",
     DATA(.label = "y", .prediction = "p", .positive = "1"), "y,p\n1,1\n1.0,1\nx,1\n", ALL_READS,
     .expected = "labels and predictions of 'test' mix numbers and text, so that '1.0' and '1' are different "
                 "classes"},
    {"a label that is not finite among numbers", DATA(.label = "y", .prediction = "p"),
     "y,p\n1,1.0\n0,0\n-Infinity,1\ninf,1\n", ALL_READS,
     .expected = "label '-Infinity' in column 'y' is not finite, and all others are numbers; finite numbers "
                 "are accepted",
     .line = 4},
    {"a prediction that is not finite among numbers", DATA(.label = "y", .prediction = "p"),
     "y,p\n1,1\n0,1e999\n1e999,\"inf\"\n", ALL_READS,
     .expected = "prediction '1e999' in column 'p' is not finite", .line = 3},
    {"an infinite label, though the config names the other class",
     DATA(.label = "y", .prediction = "p", .positive = "1"), "y,p\n1,1\nINF,1\n", ALL_READS,
     .expected = "label 'INF' in column 'y' is not finite", .line = 3},
    {"an infinite label in the row after a dropped one",
     DATA(.label = "y", .prediction = "p", .missing = MLG_MISSING_DROP, .max_missing = 1),
     "y,p\n1,1\ninf,\ninf,1\n", ALL_READS, .expected = "label 'inf' in column 'y' is not finite", .line = 4},
    {"a threshold with three classes",
     DATA(.label = "y", .score = {.column = "p"}, .positive = "a", .threshold = 0.5), "y,p\na,1\nb,0\nc,0\n",
     ALL_READS,
     .expected = "predictions from one score and a threshold need two classes, but the labels of 'test' are "
                 "'a', 'b', "
                 "'c'"},
    {"a threshold without a positive class", DATA(.label = "y", .score = {.column = "p"}, .threshold = 0.5),
     "y,p\na,1\nb,0\n", ALL_READS,
     .expected = "predictions come from a score and a threshold, but which class of 'test' is the positive "
                 "one is not "
                 "known, its labels are 'a', 'b'; name it with 'positive' under data.test"},
    {"a threshold with one label class",
     DATA(.label = "y", .score = {.column = "p"}, .positive = "a", .threshold = 0.5), "y,p\na,1\na,0\n",
     ALL_READS,
     .expected = "all labels of 'test' are 'a', and what a score under the threshold predicts is not known"},
    {"more slices than the limit", DATA(.label = "y"), "y,sex\n1,a\n1,b\n1,c\n0,\n", MLG_READS_LABEL,
     .expected = "slicing 'test' by 'sex' gives more than 3 slices with all its slicings together",
     .slicing = &by_sex, .slice_limit = 3},
    {"a missing label", DATA(.label = "y"), "y,z\n1,1\n,1\n", MLG_READS_LABEL, .expected = "", .line = 3},
};

static void test_refusal(void **state)
{
    const struct refusal *row = *state;
    for (unsigned threads = 1; threads <= 4; threads++) {
        struct fixture f = {0};
        open_source(&f, &row->data, row->csv);
        int code = f.plan ? mlg_plan_reads(f.plan, row->reads, &f.error) : MLG_CONFIG;
        if (!code && row->slice_limit)
            mlg_plan_limit_slices(f.plan, row->slice_limit);
        if (!code && row->slicing && mlg_plan_slicing(f.plan, row->slicing, &f.error) < 0)
            code = MLG_CONFIG;
        if (!code)
            code = run(&f, threads);
        assert_int_not_equal(code, 0);
        assert_int_equal(f.error.code, code);
        if (strncmp(f.error.text, row->expected, strlen(row->expected)) != 0)
            fail_msg("'%s' does not begin with '%s'", f.error.text, row->expected);
        assert_int_equal(f.error.place.line, row->line);
        f.scan = NULL;
        close_source(&f);
    }
}

/* ---- classes ------------------------------------------------------------------------------------- */

struct class_case {
    const char *sentence;
    struct mlg_data data;
    const char *csv;
    unsigned reads;
    const char *classes;  /* name:label rows:prediction rows ... */
    const char *positive; /* the name; NULL: not known */
    const char *why;      /* then begins like this */
};

static const struct class_case class_cases[] = {
    {"numbers are one class however written, named by the shortest", DATA(.label = "y", .prediction = "p"),
     "y,p\n1.0,1\n01,1e0\n0,0.0\n10,2\n", ALL_READS, "0:1:1 1:2:2 2:0:1 10:1:0", NULL,
     "which class of 'test' is the positive one is not known"},
    {"whole numbers that no double tells apart are two classes",
     DATA(.label = "y", .prediction = "p", .positive = "9007199254740993.0"),
     "y,p\n9007199254740993,9007199254740992\n9007199254740992,9007199254740992\n", ALL_READS,
     "9007199254740992:1:2 9007199254740993:1:0", "9007199254740993", NULL},
    {"so are numbers of many digits, in their order", DATA(.label = "y"),
     "y\n0.10000000000000000000001\n1e-1\n-0.10000000000000000000001\n", MLG_READS_LABEL,
     "-0.10000000000000000000001:1:0 1e-1:1:0 0.10000000000000000000001:1:0", NULL, "which class"},
    {"a number that is nearly 1 is not the positive class", DATA(.label = "y"),
     "y\n0\n1.00000000000000000001\n", MLG_READS_LABEL, "0:1:0 1.00000000000000000001:1:0", NULL,
     "which class"},
    {"what is too small for a double is text", DATA(.label = "y"), "y\n0\n1e-400\n0.0\n", MLG_READS_LABEL,
     "0:1:0 0.0:1:0 1e-400:1:0", NULL, "which class"},
    {"scores belong to classes digit by digit",
     DATA(.label = "y", .score = {.map = {.keys = (const char *[]){"9007199254740993", "9007199254740992.0"},
                                          .values = (const char *[]){"a", "b"},
                                          .count = 2}}),
     "y,a,b\n9007199254740993,1,0\n9007199254740992,0,1\n", ALL_READS,
     "9007199254740992:1:1 9007199254740993:1:1", NULL, "which class"},
    {"what is not finite is a text among texts", DATA(.label = "y", .prediction = "p"),
     "y,p\ninf,fin\nfin,inf\n1,fin\n", ALL_READS, "1:1:0 fin:1:2 inf:1:1", NULL, "which class"},
    {"and where there is nothing else", DATA(.label = "y"), "y\ninf\n-inf\n", MLG_READS_LABEL,
     "-inf:1:0 inf:1:0", NULL, "which class"},
    {"and where the config names it", DATA(.label = "y", .labels = TEXTS("1", "inf")), "y\n1\ninf\n",
     MLG_READS_LABEL, "1:1:0 inf:1:0", NULL, "which class"},
    {"one text makes all of them texts, in order of bytes", DATA(.label = "y", .prediction = "p"),
     "y,p\n10,2\n2,2\nx,10\n", ALL_READS, "10:1:1 2:1:2 x:1:0", NULL, "which class"},
    {"0 and 1 know the positive one", DATA(.label = "y"), "y\n0\n1\n1\n", MLG_READS_LABEL, "0:1:0 1:2:0", "1",
     NULL},
    {"-1 and 1 know it too", DATA(.label = "y"), "y\n-1\n+1\n1\n", MLG_READS_LABEL, "-1:1:0 1:2:0", "1",
     NULL},
    {"True and False know it", DATA(.label = "y", .prediction = "p"), "y,p\nTrue,False\nFalse,False\n",
     ALL_READS, "False:1:2 True:1:0", "True", NULL},
    {"two spellings of true do not", DATA(.label = "y"), "y\nTrue\ntrue\nFalse\n", MLG_READS_LABEL,
     "False:1:0 True:1:0 true:1:0", NULL,
     "which class of 'test' is the positive one is not known, its labels"},
    {"a prediction outside of 0 and 1 ends it", DATA(.label = "y", .prediction = "p"), "y,p\n0,0\n1,2\n",
     ALL_READS, "0:1:1 1:1:0 2:0:1", NULL, "which class"},
    {"positive may be written as another number", DATA(.label = "y", .positive = "2.0"), "y\n2\n3\n",
     MLG_READS_LABEL, "2:1:0 3:1:0", "2", NULL},
    {"listed classes exist without rows", DATA(.label = "y", .labels = TEXTS("c", "a", "b")), "y\na\nb\n",
     MLG_READS_LABEL, "a:1:0 b:1:0 c:0:0", NULL, "which class"},
    {"a threshold predicts the positive class from it on",
     DATA(.label = "y", .score = {.column = "s"}, .positive = "yes", .threshold = 0.4),
     "y,s\nyes,0.4\nno,0.39\nno,1\n", ALL_READS, "no:2:1 yes:1:2", "yes", NULL},
    {"a threshold applies to the linked score",
     DATA(.label = "y", .score = {.column = "s"}, .link = MLG_LINK_LOGIT, .threshold = 0.5),
     "y,s\n1,0.1\n0,-0.1\n1,0\n", ALL_READS, "0:1:1 1:2:2", "1", NULL},
    {"without a negative label a threshold's other side is 0",
     DATA(.label = "y", .score = {.column = "s"}, .threshold = 0.5), "y,s\n1,0.9\n1,0.1\n", ALL_READS,
     "0:0:1 1:2:1", "1", NULL},
    {"without a positive label the positive class still exists", DATA(.label = "y"), "y\nfalse\nfalse\n",
     MLG_READS_LABEL | MLG_READS_POSITIVE, "false:2:0 true:0:0", "true", NULL},
    {"the highest score predicts, the first class among equals", DATA(.label = "y", .score_prefix = "p_"),
     "y,p_10,p_9\n9,0.5,0.5\n10,0.7,0.3\n10,0.2,0.8\n", ALL_READS, "9:1:2 10:2:1", NULL, "which class"},
    {"a class with a score but without rows exists",
     DATA(.label = "y", .score = {.map = {.keys = (const char *[]){"b", "a", "c"},
                                          .values = (const char *[]){"s1", "s2", "s3"},
                                          .count = 3}}),
     "y,s1,s2,s3\nb,1,0,0\na,0.6,0.3,0.1\n", ALL_READS, "a:1:0 b:1:2 c:0:0", NULL, "which class"},
};

static void describe_classes(const struct mlg_classes *classes, struct mlg_builder *out)
{
    for (size_t k = 0; k < classes->count; k++)
        mlg_put_format(out, "%s%s:%llu:%llu", k > 0 ? " " : "", classes->names[k],
                       (unsigned long long)classes->label_rows[k],
                       (unsigned long long)classes->prediction_rows[k]);
}

static void test_classes(void **state)
{
    const struct class_case *row = *state;
    for (unsigned threads = 1; threads <= 3; threads++) {
        struct fixture f = {0};
        struct mlg_builder out;
        open_source(&f, &row->data, row->csv);
        assert_non_null(f.plan);
        assert_int_equal(mlg_plan_reads(f.plan, row->reads, &f.error), 0);
        if (run(&f, threads))
            fail_msg("%s", f.error.text);
        mlg_builder_init(&out, 0);
        const struct mlg_classes *classes = &f.scan->classes;
        describe_classes(classes, &out);
        assert_string_equal(out.data, row->classes);
        mlg_builder_free(&out);
        if (row->positive) {
            assert_in_range(classes->positive, 0, classes->count - 1);
            assert_string_equal(classes->names[classes->positive], row->positive);
        } else {
            assert_int_equal(classes->positive, -1);
            assert_memory_equal(classes->positive_why, row->why, strlen(row->why));
        }
        close_source(&f);
    }
}

/* ---- slices -------------------------------------------------------------------------------------- */

static const struct slice_case {
    const char *sentence;
    const struct mlg_slicing *slicing;
    const char *csv;
    const char *slices; /* value*value:rows ...; - is missing, ! an absent declared one, -n(c m) lost n rows,
                           of which m miss column c */
} slice_cases[] = {
    {"values sort by bytes, missing last", &by_sex, "sex\nm\nf\nm\nNA\nM\n", "M:1 f:1 m:2 -:1"},
    {"numbers sort as numbers and stay as written", &by_group, "group\n10\n9\n9.0\n-1\n9\n",
     "-1:1 9:2 9.0:1 10:1"},
    {"a cross sorts column by column", &by_sex_race, "sex,race\nm,b\nf,a\nm,a\nf,\nm,b\n,a\n",
     "f*a:1 f*-:1 m*a:1 m*b:2 -*a:1"},
    {"a cross of three", &by_three, "sex,race,group\nm,a,10\nm,a,9\nf,a,10\nm,a,9\n",
     "f*a*10:1 m*a*9:2 m*a*10:1"},
    {"a comparison leaves missing numbers out", &young, "age\n24.9\n25\n\n3\nNA\n", "< 25:2"},
    {"a comparison that no row meets is absent", &ancient, "age\n24.9\n25\n", ">= 200:0!"},
    {"declared values are the only ones, once each, absent or not", &declared_race,
     "race,z\nwhite,1\nblue,1\n,1\nwhite,2\n", "green:0! white:2"},
};

static const struct slice_case drop_cases[] = {
    {"dropped rows are counted where they are from", &by_sex,
     "y,p,w,sex\n1,1,1,m\n1,,1,m\n1,1,NA,m\n1,,,m\n1,1,1,f\n", "f:1 m:1-3(p 2, w 2)"},
    {"a slice that lost all its rows is there", &by_sex,
     "y,p,w,sex\n1,,1,f\n1,1,1,m\n1,,1,f\n1,1,1,\n1,,1,\n", "f:0-2(p 2) m:1 -:1-1(p 1)"},
    {"a cross that lost all its rows is there", &by_sex_race,
     "y,p,w,sex,race\n1,,1,f,a\n1,1,1,f,b\n1,1,1,m,a\n1,,1,m,\n", "f*a:0-1(p 1) f*b:1 m*a:1 m*-:0-1(p 1)"},
    {"a comparison counts what it lost, without missing numbers", &young,
     "y,p,w,age\n1,,1,24\n1,,1,25\n1,,1,\n1,1,1,3\n1,,1,-1\n", "< 25:1-2(p 2)"},
    {"a declared value may have lost all its rows, others are not counted", &declared_race,
     "y,p,w,race\n1,,1,green\n1,,1,blue\n1,1,1,white\n1,,1,\n", "green:0!-1(p 1) white:1"},
    {"slices by a prediction lose no slice of rows without one", &by_prediction,
     "y,p,w\n1,,1\n1,1,1\n1,0,1\n1,1,\n", "0:1 1:1-1(w 1)"},
    {"a missing value of the slice is no reason to drop", &by_sex, "y,p,w,sex\n1,1,1,\n1,1,1,m\n", "m:1 -:1"},
};

static void describe_slices(const struct mlg_scan *scan, size_t slicing, struct mlg_builder *out)
{
    const struct mlg_slices *slices = &scan->slicings[slicing];
    for (size_t k = 0; k < slices->count; k++) {
        const struct mlg_slice *slice = slices->items + k;
        mlg_put(out, k > 0 ? " " : "");
        for (size_t c = 0; c < slice->column_count; c++)
            mlg_put_format(out, "%s%s", c > 0 ? "*" : "", slice->values[c] ? slice->values[c] : "-");
        mlg_put_format(out, ":%llu%s", (unsigned long long)slice->rows, slice->declared_absent ? "!" : "");
        if (slice->dropped == 0)
            continue;
        mlg_put_format(out, "-%llu", (unsigned long long)slice->dropped);
        const char *before = "(";
        for (size_t c = 0; c < scan->dropper_count; c++)
            if (slice->missing[c] > 0) {
                mlg_put_format(out, "%s%s %llu", before, scan->droppers[c],
                               (unsigned long long)slice->missing[c]);
                before = ", ";
            }
        mlg_put(out, ")");
    }
}

static void check_slices(const struct slice_case *row, const struct mlg_data *data, unsigned reads)
{
    for (unsigned threads = 1; threads <= 3; threads++) {
        struct fixture f = {0};
        struct mlg_builder out;
        open_source(&f, data, row->csv);
        assert_int_equal(mlg_plan_reads(f.plan, reads, &f.error), 0);
        assert_int_equal(mlg_plan_slicing(f.plan, row->slicing, &f.error), 1);
        assert_int_equal(mlg_plan_slicing(f.plan, row->slicing, &f.error), 1); /* equal wishes are one */
        if (run(&f, threads))
            fail_msg("%s", f.error.text);
        assert_int_equal(f.scan->slicing_count, 2);
        mlg_builder_init(&out, 0);
        describe_slices(f.scan, 1, &out);
        assert_string_equal(out.data, row->slices);
        mlg_builder_free(&out);
        close_source(&f);
    }
}

static void test_slices(void **state)
{
    static const struct mlg_data data = DATA(.label = NULL);
    check_slices(*state, &data, 0);
}

/* The prediction is read as a class and as a number, and counted once. */
static void test_drops(void **state)
{
    static const struct mlg_data data =
        DATA(.label = "y", .prediction = "p", .weight = "w", .missing = MLG_MISSING_DROP, .max_missing = 1);
    check_slices(*state, &data, ALL_READS | MLG_READS_PREDICTION_NUMBER);
}

/* ---- a large table, any number of workers, any order --------------------------------------------- */

enum { ROWS = 24000, SEXES = 2, RACES = 4 };

/* One row; everything is small integers, so that sums can be checked by plain arithmetic. */
struct row {
    unsigned label, prediction, weight, sex, race, age, group;
    int score; /* of 1000 */
};

static uint64_t random_state;

static unsigned random_below(unsigned limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(random_state >> 33) % limit;
}

static const char *const sexes[SEXES] = {"Male", "Female"}, *const races[RACES] = {"white", "black", "",
                                                                                   "other"};
static const char *const label_texts[] = {"0", "1.0", "1"}, *const prediction_texts[] = {"0.0", "1", "+1"};

static struct row *make_rows(void)
{
    struct row *rows = calloc(ROWS, sizeof *rows);
    assert_non_null(rows);
    random_state = 3;
    for (size_t i = 0; i < ROWS; i++)
        rows[i] =
            (struct row){random_below(3),     random_below(3),  random_below(5),   random_below(SEXES),
                         random_below(RACES), random_below(90), random_below(100), (int)random_below(1001)};
    return rows;
}

/* Long enough to be read by several threads. */
static char *write_rows(const struct row *rows, bool shuffled)
{
    size_t *order = calloc(ROWS, sizeof *order);
    char *csv = malloc((size_t)ROWS * 128);
    assert_non_null(order);
    assert_non_null(csv);
    for (size_t i = 0; i < ROWS; i++)
        order[i] = i;
    for (size_t i = ROWS; shuffled && i > 1; i--) {
        const size_t j = random_below((unsigned)i), kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
    char *at = csv;
    at += sprintf(at, "id,label,prediction,score,weight,cluster,sex,race,age,group,note\n");
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *r = rows + order[i];
        at += sprintf(at, "row%zu,%s,%s,%.3f,%u.5,c%u,%s,%s,%u,%u,nothing to see here\n", order[i],
                      label_texts[r->label], prediction_texts[r->prediction], r->score / 1000.0, r->weight,
                      r->group * 7 + r->sex, sexes[r->sex], races[r->race], r->age, r->group);
    }
    free(order);
    return csv;
}

/* Terms: the squared error of a score against the label, and a number that only exact sums keep. */
static size_t compute_errors(const struct mlg_rows *rows, const double parameters[4], double *const *out,
                             const char **why)
{
    (void)why;
    for (size_t i = 0; i < rows->count; i++) {
        const double error = rows->scores[0][i] - rows->positive[i];
        out[0][i] = error * error;
        out[1][i] = ldexp(rows->scores[0][i], (int)(rows->scores[0][i] * 1000) % 80) * parameters[0];
    }
    return 0;
}
static const struct mlg_terms error_terms = {
    .name = "errors", .count = 2, .products = true, .compute = compute_errors};

static const struct mlg_slicing *const large_slicings[] = {&by_sex_race,   &by_sex,   &young,
                                                           &declared_race, &by_group, &by_race};

static const struct mlg_data plain_data = DATA(.label = "label", .prediction = "prediction", .id = "id",
                                               .score = {.column = "score"}, .cluster = "cluster");
static const struct mlg_data weighted_data =
    DATA(.label = "label", .prediction = "prediction", .id = "id", .score = {.column = "score"},
         .cluster = "cluster", .weight = "weight");
static const struct mlg_data threshold_data =
    DATA(.label = "label", .id = "id", .score = {.column = "score"}, .weight = "weight", .threshold = 0.5);

static const struct mlg_data dropping_data =
    DATA(.label = "label", .prediction = "prediction", .id = "id", .score = {.column = "score"},
         .cluster = "race", .missing = MLG_MISSING_DROP, .max_missing = 1);

static void scan_large(struct fixture *f, const struct mlg_data *data, const char *csv, unsigned threads,
                       size_t slicings)
{
    static const double parameters[4] = {1.0 / 3};
    open_source(f, data, csv);
    assert_non_null(f->plan);
    assert_int_equal(
        mlg_plan_reads(f->plan,
                       ALL_READS | MLG_READS_POSITIVE | MLG_READS_PROBABILITY | MLG_READS_PREDICTION_NUMBER,
                       &f->error),
        0);
    for (size_t s = 0; s < slicings; s++)
        assert_int_equal(mlg_plan_slicing(f->plan, large_slicings[s], &f->error), s + 1);
    assert_int_equal(mlg_plan_tally(f->plan, &f->error), 0);
    assert_int_equal(mlg_plan_moments(f->plan, &error_terms, parameters, &f->error), 0);
    assert_int_equal(mlg_plan_moments(f->plan, &error_terms, parameters, &f->error), 0);
    assert_int_equal(mlg_plan_keep(f->plan,
                                   MLG_KEEP_LABEL | MLG_KEEP_PREDICTION | MLG_KEEP_SCORES | MLG_KEEP_ID |
                                       MLG_KEEP_PREDICTION_NUMBER,
                                   &f->error),
                     0);
    if (run(f, threads))
        fail_msg("%s", f->error.text);
}

static const struct mlg_scan *sorting;

static int by_id(const void *a, const void *b)
{
    const uint32_t x = sorting->kept.id[*(const uint32_t *)a], y = sorting->kept.id[*(const uint32_t *)b];
    return strcmp(mlg_dictionary_text(sorting->ids, x, NULL), mlg_dictionary_text(sorting->ids, y, NULL));
}

/* The kept rows of a slice, by id. Clusters are numbered in the order met. */
static void dump_rows(const struct mlg_scan *scan, size_t s, size_t k, struct mlg_builder *out)
{
    size_t count;
    const uint32_t *list = mlg_scan_rows(scan, s, k, &count);
    uint32_t *rows = calloc(count + 1, sizeof *rows);
    uint32_t *clusters = calloc(scan->cluster_count + 1, sizeof *clusters), met = 0;
    assert_non_null(rows);
    assert_non_null(clusters);
    assert_int_equal(count, scan->slicings[s].items[k].rows);
    for (size_t i = 0; i < count; i++) {
        rows[i] = list ? list[i] : (uint32_t)i;
        if (i > 0)
            assert_true(rows[i] > rows[i - 1]);
    }
    sorting = scan;
    qsort(rows, count, sizeof *rows, by_id);
    const struct mlg_rows *kept = &scan->kept;
    for (size_t i = 0; i < count; i++) {
        const uint32_t r = rows[i];
        uint32_t cluster = 0;
        if (s > 0) { /* which rows are in it; what they hold is told once, under all rows */
            mlg_put(out, mlg_dictionary_text(scan->ids, kept->id[r], NULL));
            mlg_put(out, " ");
            continue;
        }
        if (kept->cluster) {
            if (clusters[kept->cluster[r]] == 0)
                clusters[kept->cluster[r]] = ++met;
            cluster = clusters[kept->cluster[r]];
        }
        mlg_put_format(out, "%s %u %u %u %a %a %a %u\n", mlg_dictionary_text(scan->ids, kept->id[r], NULL),
                       kept->label[r], kept->positive[r], kept->prediction[r], kept->scores[0][r],
                       kept->prediction_number[r], kept->weight ? kept->weight[r] : 1, cluster);
    }
    free(rows);
    free(clusters);
}

static void dump(const struct mlg_scan *scan, struct mlg_builder *out)
{
    mlg_put_format(out, "%llu rows, %zu clusters, positive %d\n", (unsigned long long)scan->rows,
                   scan->cluster_count, (int)scan->classes.positive);
    describe_classes(&scan->classes, out);
    mlg_put_format(out, "\nscores %a %a, predictions %a %a\n", scan->score_ranges[0].minimum,
                   scan->score_ranges[0].maximum, scan->prediction_range.minimum,
                   scan->prediction_range.maximum);
    for (size_t s = 0; s < scan->slicing_count; s++) {
        describe_slices(scan, s, out);
        for (size_t k = 0; k < scan->slicings[s].count; k++) {
            const struct mlg_tally *tally = mlg_scan_tally(scan, s, k);
            const size_t cells = tally->classes * tally->classes;
            mlg_put_format(out, "\ntally %llu ", (unsigned long long)tally->rows);
            mlg_put_bytes(out, (const char *)tally->count, cells * sizeof *tally->count);
            if (tally->weight) {
                mlg_put_bytes(out, (const char *)tally->weight, cells * sizeof *tally->weight);
                mlg_put_bytes(out, (const char *)tally->weight2, cells * sizeof *tally->weight2);
            }
            mlg_put_bytes(out, (const char *)mlg_scan_moments(scan, s, k, 0), sizeof(struct mlg_moments));
            dump_rows(scan, s, k, out);
        }
    }
    assert_false(out->failed);
}

static const struct same_bytes {
    const char *sentence;
    const struct mlg_data *data;
    size_t slicings;
    bool shuffled;
} same_bytes[] = {
    {"1 to 4 workers leave the same bytes", &plain_data, COUNT(large_slicings), false},
    {"1 to 4 workers leave the same bytes with weights", &weighted_data, COUNT(large_slicings), false},
    {"1 to 4 workers leave the same bytes without slicings", &weighted_data, 0, false},
    {"1 to 4 workers leave the same bytes with a threshold", &threshold_data, 2, false},
    {"1 to 4 workers leave the same bytes and drop the same rows", &dropping_data, COUNT(large_slicings),
     false},
    {"shuffled rows leave the same bytes and are dropped alike", &dropping_data, COUNT(large_slicings), true},
    {"shuffled rows leave the same bytes", &plain_data, COUNT(large_slicings), true},
    {"shuffled rows leave the same bytes with weights", &weighted_data, 2, true},
};

static void test_same_bytes(void **state)
{
    const struct same_bytes *row = *state;
    struct row *rows = make_rows();
    char *csv = write_rows(rows, false);
    struct mlg_builder expected, actual;
    for (unsigned threads = 1; threads <= 4; threads++) {
        struct fixture f = {0};
        if (row->shuffled && threads > 1) {
            free(csv);
            csv = write_rows(rows, true);
        }
        scan_large(&f, row->data, csv, threads, row->slicings);
        mlg_builder_init(threads == 1 ? &expected : &actual, 0);
        dump(f.scan, threads == 1 ? &expected : &actual);
        if (threads > 1) {
            assert_int_equal(actual.size, expected.size);
            assert_memory_equal(actual.data, expected.data, expected.size);
            mlg_builder_free(&actual);
        }
        close_source(&f);
    }
    mlg_builder_free(&expected);
    free(csv);
    free(rows);
}

/* Is a row in the slice? Written anew, from the texts. */
static bool in_slice(const struct row *r, const struct mlg_slice *slice)
{
    for (size_t c = 0; c < slice->column_count; c++) {
        const char *column = slice->columns[c], *value = slice->values[c] ? slice->values[c] : "";
        char text[16];
        snprintf(text, sizeof text, "%u", r->group);
        if (strcmp(column, "age") == 0 ? r->age >= 25
            : strcmp(column, "sex") == 0
                ? strcmp(sexes[r->sex], value) != 0
                : strcmp(strcmp(column, "race") == 0 ? races[r->race] : text, value) != 0)
            return false;
    }
    return true;
}

/* Counts, weights and moments against plain loops: sums of halves are exact in doubles. */
static void test_counts_are_right(void **state)
{
    const struct mlg_data *data = *state;
    const bool weighted = data->weight != NULL;
    struct row *rows = make_rows();
    char *csv = write_rows(rows, false);
    struct fixture f = {0};
    scan_large(&f, data, csv, 2, COUNT(large_slicings));
    size_t slices = 0;
    for (size_t s = 0; s < f.scan->slicing_count; s++)
        for (size_t k = 0; k < f.scan->slicings[s].count; k++, slices++) {
            const struct mlg_slice *slice = f.scan->slicings[s].items + k;
            uint64_t n = 0, count[4] = {0};
            double weight[4] = {0}, weight2[4] = {0}, total = 0;
            for (size_t i = 0; i < ROWS; i++) {
                if (!in_slice(rows + i, slice))
                    continue;
                const double w = weighted ? rows[i].weight + 0.5 : 1;
                const size_t cell = (rows[i].label > 0 ? 2U : 0U) + (rows[i].prediction > 0 ? 1U : 0U);
                n++;
                count[cell]++;
                weight[cell] += w;
                weight2[cell] += w * w;
                total += w;
            }
            const struct mlg_tally *tally = mlg_scan_tally(f.scan, s, k);
            assert_int_equal(slice->rows, n);
            assert_int_equal(tally->rows, n);
            assert_int_equal(tally->classes, 2);
            assert_memory_equal(tally->count, count, sizeof count);
            assert_int_equal(tally->weight != NULL, weighted);
            if (weighted) {
                assert_memory_equal(tally->weight, weight, sizeof weight);
                assert_memory_equal(tally->weight2, weight2, sizeof weight2);
            }
            const struct mlg_moments *moments = mlg_scan_moments(f.scan, s, k, 0);
            assert_int_equal(moments->n, n);
            double u = 0, w2u = 0, uu = 0;
            for (size_t i = 0; i < ROWS; i++) {
                if (!in_slice(rows + i, slice))
                    continue;
                const double w = weighted ? rows[i].weight + 0.5 : 1;
                const double e = rows[i].score / 1000.0 - (rows[i].label > 0);
                u += w * (e * e);
                w2u += w * w * (e * e);
                uu += w * w * (e * e) * (e * e);
            }
            /* plain loops round at every step */
            assert_true(fabs(mlg_sum_round(&moments->u[0]) - u) <= 1e-11 * u);
            assert_true(fabs(mlg_sum_round(&moments->uu[0]) - uu) <= 1e-11 * uu);
            if (weighted) {
                assert_true(mlg_sum_round(&moments->w) == total);
                assert_true(fabs(mlg_sum_round(&moments->w2u[0]) - w2u) <= 1e-11 * w2u);
            }
        }
    assert_int_equal(slices, 1 + SEXES * RACES + SEXES + 1 + 2 + 100 + RACES);
    close_source(&f);
    free(csv);
    free(rows);
}

/* ---- kept scores of several classes -------------------------------------------------------------- */

static void test_scores_stand_in_class_order(void **state)
{
    (void)state;
    const struct mlg_data data = DATA(.label = "y",
                                      .score = {.map = {.keys = (const char *[]){"10", "9"},
                                                        .values = (const char *[]){"ten", "nine"},
                                                        .count = 2}},
                                      .link = MLG_LINK_SOFTMAX);
    struct fixture f = {0};
    open_source(&f, &data, "ten,y,nine\n2,9.0,1\n0,10,0\n");
    assert_int_equal(mlg_plan_reads(f.plan, ALL_READS | MLG_READS_PROBABILITY, &f.error), 0);
    assert_int_equal(mlg_plan_keep(f.plan, MLG_KEEP_LABEL | MLG_KEEP_PREDICTION | MLG_KEEP_SCORES, &f.error),
                     0);
    if (run(&f, 1))
        fail_msg("%s", f.error.text);
    const struct mlg_rows *kept = &f.scan->kept;
    assert_int_equal(kept->score_count, 2);
    assert_true(fabs(kept->scores[0][0] - 1 / (1 + exp(1))) < 1e-15);
    assert_true(fabs(kept->scores[1][0] - 1 / (1 + exp(-1))) < 1e-15);
    assert_true(kept->scores[0][1] == 0.5 && kept->scores[1][1] == 0.5);
    assert_int_equal(kept->label[0], 0);
    assert_int_equal(kept->label[1], 1);
    assert_int_equal(kept->prediction[0], 1);
    assert_int_equal(kept->prediction[1], 0); /* a tie: the first */
    assert_int_equal(kept->score_of_label[1], 1);
    assert_true(f.scan->score_ranges[0].maximum == 0.5);
    close_source(&f);
}

static size_t refuse_second(const struct mlg_rows *rows, const double parameters[4], double *const *out,
                            const char **why)
{
    (void)parameters;
    for (size_t i = 0; i < rows->count; i++) {
        out[0][i] = rows->label_number[i];
        if (rows->label_number[i] < 0) {
            *why = "msle needs labels of 0 or more";
            return i + 1;
        }
    }
    return 0;
}

static void test_a_row_without_a_term_is_named(void **state)
{
    (void)state;
    static const struct mlg_data data = DATA(.label = "y");
    static const struct mlg_terms terms = {
        .name = "refuse", .count = 1, .products = false, .compute = refuse_second};
    struct fixture f = {0};
    open_source(&f, &data, "y\n1\n2\n-3\n");
    assert_int_equal(mlg_plan_reads(f.plan, MLG_READS_LABEL_NUMBER, &f.error), 0);
    assert_int_equal(mlg_plan_moments(f.plan, &terms, NULL, &f.error), 0);
    assert_int_equal(run(&f, 1), MLG_DATA);
    assert_string_equal(f.error.text, "msle needs labels of 0 or more");
    assert_int_equal(f.error.place.line, 4);
    close_source(&f);
}

static size_t compute_label(const struct mlg_rows *rows, const double parameters[4], double *const *out,
                            const char **why)
{
    (void)parameters;
    (void)why;
    for (size_t i = 0; i < rows->count; i++)
        out[0][i] = rows->label_number[i];
    return 0;
}

/* With x = 1 + 2^-40 as weight and as term: the exact expansions of x^2, x^3 and x^4, of which a double
 * keeps the first two parts only. Taken away from the sums, they leave nothing. */
static void test_weighted_products_are_exact(void **state)
{
    (void)state;
    static const struct mlg_data data = DATA(.label = "y", .weight = "w");
    static const struct mlg_terms terms = {
        .name = "label", .count = 1, .products = true, .compute = compute_label};
    struct fixture f = {0};
    open_source(&f, &data,
                "w,y\n1.00000000000090949470177292823791503906,1.00000000000090949470177292823791503906\n");
    assert_int_equal(mlg_plan_reads(f.plan, MLG_READS_LABEL_NUMBER, &f.error), 0);
    assert_int_equal(mlg_plan_moments(f.plan, &terms, NULL, &f.error), 0);
    if (run(&f, 1))
        fail_msg("%s", f.error.text);
    const struct mlg_moments *moments = mlg_scan_moments(f.scan, 0, 0, 0);
    static const double powers[3][5] = {{1, 2, 1, 0, 0}, {1, 3, 3, 1, 0}, {1, 4, 6, 4, 1}};
    struct mlg_sum sums[] = {moments->w2, moments->w2u[0], moments->uu[0], moments->u[0]};
    assert_true(mlg_sum_round(&moments->w) == 1 + 0x1p-40);
    for (size_t k = 0; k < COUNT(sums); k++) {
        assert_true(mlg_sum_round(&sums[k]) > 1);
        for (int i = 0; i < 5; i++)
            mlg_sum_add(&sums[k], -ldexp(powers[k < 3 ? k : 0][i], -40 * i));
        assert_true(mlg_sum_round(&sums[k]) == 0);
    }
    close_source(&f);
}

/* A label that is read both as class and as number, beside a slice by it and a comparison of it. */
static void test_one_column_may_have_several_uses(void **state)
{
    (void)state;
    static const struct mlg_data data = DATA(.label = "sex", .weight = "age");
    struct fixture f = {0};
    open_source(&f, &data, "sex,age\n1,20\n0,30\n1.0,10\n");
    assert_int_equal(mlg_plan_reads(f.plan, MLG_READS_LABEL | MLG_READS_LABEL_NUMBER, &f.error), 0);
    assert_int_equal(mlg_plan_slicing(f.plan, &by_sex, &f.error), 1);
    assert_int_equal(mlg_plan_slicing(f.plan, &young, &f.error), 2);
    assert_int_equal(mlg_plan_tally(f.plan, &f.error), 0);
    if (run(&f, 1))
        fail_msg("%s", f.error.text);
    assert_int_equal(f.scan->classes.count, 2);
    assert_int_equal(f.scan->slicings[1].count, 3); /* 1 and 1.0 are one class and two slices */
    assert_int_equal(f.scan->slicings[2].items[0].rows, 2);
    assert_true(f.scan->label_range.minimum == 0 && f.scan->label_range.maximum == 1);
    assert_true(mlg_scan_tally(f.scan, 2, 0)->weight[2] == 30); /* label 1; without predictions, column 0 */
    close_source(&f);
}

/* ---- paired -------------------------------------------------------------------------------------- */

struct pairing {
    const char *sentence;
    const char *baseline;
    const char *expected; /* NULL: they match */
};

#define CANDIDATE "id,y,p,sex\nb,1,1,m\na,0,1,f\nc,1,0,m\n"
static const struct pairing pairings[] = {
    {"rows are matched by id", "p,id,y\n0.0,a,0\n1,b,1\n1,c,1\n", NULL},
    {"an id twice in the baseline", "p,id,y\n0,a,0\n1,b,1\n1,c,1\n0,a,0\n",
     "id 'a' stands in more than one row of 'old' (1 row too many)"},
    {"an id that the baseline lacks", "p,id,y\n0,a,0\n1,b,1\n",
     "id 'c' of 'test' is not in 'old' (1 such id)"},
    {"an id that only the baseline has", "p,id,y\n0,a,0\n1,b,1\n1,c,1\n1,e,1\n1,d,1\n",
     "id 'd' of 'old' is not in 'test' (2 such ids)"},
    {"a label that differs", "p,id,y\n0,a,1\n1,b,1\n1,c,1\n",
     "the label of id 'a' differs between 'test' and 'old' (1 such id)"},
    {"a predicted class that the candidate does not have", "p,id,y\n2,a,0\n1,b,1\n1,c,1\n",
     "'old' predicts the class '2', which 'test' does not have"},
};

static void scan_paired(struct fixture *f, const struct mlg_data *data, const char *csv, bool sliced)
{
    open_source(f, data, csv);
    if (sliced)
        assert_int_equal(mlg_plan_slicing(f->plan, &by_sex, &f->error), 1);
    assert_int_equal(mlg_plan_tally(f->plan, &f->error), 0);
    assert_int_equal(mlg_plan_keep(f->plan, MLG_KEEP_LABEL | MLG_KEEP_PREDICTION | MLG_KEEP_ID, &f->error),
                     0);
    if (run(f, 2))
        fail_msg("%s", f->error.text);
}

static void test_pairing(void **state)
{
    const struct pairing *row = *state;
    static const struct mlg_data mine = DATA(.label = "y", .prediction = "p", .id = "id");
    static const struct mlg_data other = {
        .name = "old", .path = "old.csv", .label = "y", .prediction = "p", .id = "id", .max_missing = 0.01};
    struct fixture f = {0}, g = {0};
    struct mlg_scan *aligned = NULL;
    scan_paired(&f, &mine, CANDIDATE, true);
    scan_paired(&g, &other, row->baseline, false);
    const int code = mlg_scan_align(f.scan, g.scan, &f.arena, &aligned, &f.error);
    if (row->expected) {
        assert_int_equal(code, MLG_DATA);
        assert_memory_equal(f.error.text, row->expected, strlen(row->expected));
    } else {
        assert_int_equal(code, 0);
        assert_ptr_equal(aligned->data, g.scan->data);
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(aligned->kept.id[i], f.scan->kept.id[i]);
            assert_int_equal(aligned->kept.label[i], f.scan->kept.label[i]);
            /* it predicts all labels rightly */
            assert_int_equal(aligned->kept.prediction[i], f.scan->kept.label[i]);
            assert_int_equal(aligned->kept.positive[i], f.scan->kept.positive[i]);
        }
        /* counted on the candidate's slices: sex f, then m */
        const uint64_t women[4] = {1, 0, 0, 0}, men[4] = {0, 0, 0, 2};
        assert_memory_equal(mlg_scan_tally(aligned, 1, 0)->count, women, sizeof women);
        assert_memory_equal(mlg_scan_tally(aligned, 1, 1)->count, men, sizeof men);
        assert_int_equal(aligned->classes.prediction_rows[1], 2);
    }
    close_source(&f);
    close_source(&g);
}

/* ---- all ----------------------------------------------------------------------------------------- */

/* Every value twice, far apart, so that workers meet some of them alone and some together. */
static char *write_values(size_t values)
{
    char *csv = malloc(2 * values * 64 + 64), *at = csv;
    assert_non_null(csv);
    at += sprintf(at, "sex,note\n");
    for (size_t i = 0; i < 2 * values; i++)
        at += sprintf(at, "%zu,nothing to see here but a line to read\n", i % values);
    return csv;
}

static void test_too_many_values(void **state)
{
    static const struct mlg_data data = DATA(.label = NULL);
    (void)state;
    for (size_t values = MLG_DICTIONARY_VALUES; values <= MLG_DICTIONARY_VALUES + 1; values++)
        for (unsigned threads = 1; threads <= 4; threads++) {
            struct fixture f = {0};
            char *csv = write_values(values);
            open_source(&f, &data, csv);
            assert_int_equal(mlg_plan_slicing(f.plan, &by_sex, &f.error), 1);
            mlg_plan_limit_slices(f.plan, 1000000);
            const int code = run(&f, threads);
            if (values <= MLG_DICTIONARY_VALUES) {
                assert_int_equal(code, 0);
                assert_int_equal(f.scan->slicings[1].count, values);
            } else {
                assert_int_equal(code, MLG_LIMIT);
                assert_string_equal(
                    f.error.text,
                    "column 'sex' (slice) of 'x.csv' has more than 65536 distinct values, a cap that "
                    "max_slices does not raise; compare it with a number ('sex < 25'), give it fewer values "
                    "(the gate fairness has 'bins'), or leave it out of the slices");
            }
            close_source(&f);
            free(csv);
        }
}

int main(void)
{
    static struct CMUnitTest tests[128];
    size_t count = 0;
    NAMED_ROWS(tests, count, refusals, test_refusal);
    NAMED_ROWS(tests, count, class_cases, test_classes);
    NAMED_ROWS(tests, count, slice_cases, test_slices);
    NAMED_ROWS(tests, count, drop_cases, test_drops);
    NAMED_ROWS(tests, count, same_bytes, test_same_bytes);
    NAMED_ROWS(tests, count, pairings, test_pairing);
    const struct CMUnitTest others[] = {
        {"counts are right", test_counts_are_right, NULL, NULL, (void *)(uintptr_t)&plain_data},
        {"counts are right with weights", test_counts_are_right, NULL, NULL,
         (void *)(uintptr_t)&weighted_data},
        {"scores stand in class order", test_scores_stand_in_class_order, NULL, NULL, NULL},
        {"a row without a term is named", test_a_row_without_a_term_is_named, NULL, NULL, NULL},
        {"weighted products are exact", test_weighted_products_are_exact, NULL, NULL, NULL},
        {"a column of too many values is refused, by any number of workers", test_too_many_values, NULL, NULL,
         NULL},
        {"one column may have several uses", test_one_column_may_have_several_uses, NULL, NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(others); i++)
        tests[count++] = others[i];
    return _cmocka_run_group_tests("scan", tests, count, NULL, NULL);
}
