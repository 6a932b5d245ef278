/* What train and held-out rows share, through the gate: numbers of pandas (tests/oracles/overlap.py), rows
 * that are named, and what never passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/text.h"
#include "named_rows.h"
#include "suite_run.h"

#ifndef MLG_SOURCE_DIR
#define MLG_SOURCE_DIR "."
#endif

/* ---- the oracle ---------------------------------------------------------------------------------- */

static void numbers_are_those_of_pandas(void **state)
{
    struct suite_run run;
    struct mlg_builder yaml;
    char check[128], line[256];
    double values[64];
    char checks[64][128];
    size_t count = 0;
    (void)state;
    FILE *file = fopen(MLG_SOURCE_DIR "/tests/oracles/overlap_expected.csv", "r");
    assert_non_null(file);
    while (count < 64 && fgets(line, sizeof line, file)) {
        assert_int_equal(sscanf(line, "%127[^;];%lf", check, &values[count]), 2);
        strcpy(checks[count++], check);
    }
    fclose(file);
    assert_true(count > 30);
    suite_run_begin(&run);
    assert_true(
        world_memory_load(&run.world, "train.csv", MLG_SOURCE_DIR "/tests/oracles/overlap_train.csv"));
    assert_true(world_memory_load(&run.world, "test.csv", MLG_SOURCE_DIR "/tests/oracles/overlap_test.csv"));
    mlg_builder_init(&yaml, 0);
    mlg_put(&yaml, "version: 1\ndata:\n  train: {path: train.csv, label: label, max_missing: 0.1}\n"
                   "  test: {path: test.csv, label: label, max_missing: 0.1}\n"
                   "gates:\n  - gate: overfit\n    data: test\n    train: train\n    checks:\n");
    for (size_t i = 0; i < count; i++)
        mlg_put_format(&yaml, "      - '%s'\n", checks[i]);
    suite_run_judge(&run, yaml.data);
    mlg_builder_free(&yaml);
    for (size_t i = 0; i < count; i++) {
        const struct mlg_check_result *result = suite_run_find(&run, checks[i]);
        if (!result)
            fail_msg("%s is not there", checks[i]);
        if (!result->estimate.known || result->estimate.value - values[i] > 1e-12 ||
            values[i] - result->estimate.value > 1e-12)
            fail_msg("%s is %.17g, and pandas says %.17g (%s)", checks[i], result->estimate.value, values[i],
                     result->reason ? result->reason : "");
    }
    suite_run_end(&run);
}

/* ---- small tables -------------------------------------------------------------------------------- */

#define TRAIN                                                                                                \
    "a,b,label,user,day\n1,x,0,u1,2024-01-01\n2.0,y,1,u2,2024-03-01 "                                        \
    "10:00\n3,z,0,u3,2023-05-01\n1,x,1,u1,2024-01-02\n,q,0,u9,2024-01-05\n"

#define SINGLES                                                                                              \
    "a,b,label,user,day\n1,x,0,u1,2024-01-01\n2.0,y,1,u2,2024-03-01\n3,z,0,u3,2023-05-01\n,q,0,u9,2024-01-"  \
    "05\n"

/* Of a counter i, a constant s, and a, b with one row in both. */
#define COUNTED_TRAIN                                                                                        \
    "i,s,a,b,label\n0,train,11,b,1\n1,train,12,b,1\n2,train,13,b,0\n3,train,14,b,1\n4,train,15,b,0\n"        \
    "5,train,16,b,1\n6,train,17,b,1\n7,train,18,b,0\n8,train,19,b,1\n9,train,10,b,0\n10,train,2,b,1\n"
#define COUNTED_TEST(label)                                                                                  \
    "i,s,a,b,label\n20,test,31,b,1\n21,test,2.0,b," label                                                    \
    "\n22,test,33,b,0\n23,test,34,b,1\n24,test,35,b,0\n"                                                     \
    "25,test,36,b,1\n26,test,37,b,1\n27,test,38,b,0\n28,test,39,b,1\n29,test,30,b,0\n"

/* Of a key that no two rows have, and a with one value in both. */
#define NAMED_TRAIN                                                                                          \
    "key,a,label\nk0,1,0\nk1,2,1\nk2,3,1\nk3,4,0\nk4,5,0\nk5,6,1\nk6,7,1\nk7,8,0\nk8,9,0\nk9,10,1\n"
#define NAMED_TEST                                                                                           \
    "key,a,label\nu0,1,0\nu1,12,1\nu2,13,1\nu3,14,0\nu4,15,0\nu5,16,1\nu6,17,1\nu7,18,0\nu8,19,0\nu9,20,1\n"

#define FOLDS_TRAIN "a,label,fold\n1,0,2\n1,0,3\n2,1,1\n3,1,2\n2,1,3\n3,1,1\n"

/* Eight rows of numbers, and the same ones. */
#define SAME_NUMBERS "label,a\n1,0.1\n2,0.2\n3,0.3\n4,0.4\n5,0.5\n6,0.6\n7,0.7\n8,0.8\n"
#define OTHER_ORDER "a,label\n0.1,1\n0.8,8\n0.7,7\n0.2,2\n0.3,3.0\n0.50,5\n0.4,4\n0.6,6\n"
/* Rows that a column describes, and what a model answers. */
#define ANSWERED(no, yes)                                                                                    \
    "a,label,s\n1,0," no "\n2,1," yes "\n3,1," yes "\n4,0," no "\n5,0," no "\n6,1," yes "\n7,0," no          \
    "\n8,0," no "\n"
/* Four kinds of rows, as many of each. */
#define STRATA(no, yes)                                                                                      \
    "a,label,s\n1,0," no "\n1,1," yes "\n1,1," yes "\n1,0," no "\n2,0," no "\n2,1," yes "\n2,0," no          \
    "\n2,1," yes "\n"                                                                                        \
    "1,0," no "\n1,1," yes "\n1,1," yes "\n1,0," no "\n2,0," no "\n2,1," yes "\n2,0," no "\n2,1," yes "\n"

struct small {
    const char *sentence;
    const char *train, *test;             /* tables */
    const char *train_roles, *test_roles; /* NULL: the label */
    const char *check;
    enum mlg_verdict verdict;
    const char *first; /* offender; NULL: there are none */
    double offenders_of;
    const char *reason; /* a part of it, of the advice or of a note; NULL: not looked at */
};

static const struct small smalls[] = {
    {"a row with another spelling is found, and named by its id", SINGLES,
     "b,a,label,id\nw,9,1,r1\nx,1.0,0,r2\n", NULL, "label: label, id: id", "overlap(a, b) <= 0", MLG_FAIL,
     "id r2, as line 2 of train.csv", 1, "remove from 'test' the 1 row that 'train' has too"},
    {"without ids rows are named by lines", TRAIN, "a,b,label\n9,w,1\n1,x,0\n", NULL, NULL,
     "overlap(a, b) <= 0", MLG_FAIL, "line 3, as line 2 of train.csv", 1, NULL},
    {"a decimal comma is that of its own source", TRAIN, "a;b;label\n2,00;y;1\n", NULL,
     "label: label, decimal: ','", "overlap(a, b) <= 0", MLG_FAIL, "line 2, as line 3 of train.csv", 1, NULL},
    {"a missing cell equals a missing cell", TRAIN, "a,b,label\nNA,q,1\n", NULL, NULL, "overlap(a, b) <= 0",
     MLG_FAIL, "line 2, as line 6 of train.csv", 1, NULL},
    {"rows that differ are no overlap", TRAIN, "a,b,label\n1,y,1\n2,x,1\n", NULL, NULL, "overlap(a, b) <= 0",
     MLG_PASS, NULL, 0, NULL},
    {"without columns named all common ones without a role count", "a,label\n1,0\n2,1\n",
     "label,a\n0,2\n1,3\n", NULL, NULL, "overlap <= 0", MLG_FAIL, "line 2, as line 3 of train.csv", 1, NULL},
    {"a column that one of them lacks is named", TRAIN, "a,b,label\n1,y,1\n", NULL, NULL, "overlap <= 0",
     MLG_VERDICT_ERROR, NULL, 0, "only 'train' has 'user', 'day'"},
    {"a copy within held-out rows names the first", TRAIN, "a,b,label\n7,k,0\n8,k,0\n7.0,k,1\n", NULL, NULL,
     "duplicates(a, b) <= 0.01", MLG_FAIL, "line 4, as line 2", 1, "remove the copies from 'test', 1 row"},
    {"a label that differs is a conflict, whatever its column is called", SINGLES, "a,b,y\n2,y,0\n3,z,0.0\n",
     NULL, "label: y", "conflicting_labels(a, b) <= 0", MLG_FAIL, "line 2, as line 3 of train.csv", 1,
     "rows of 'train' with equal columns"},
    {"where train has both labels, either is a conflict", TRAIN, "a,b,label\n1,x,0\n", NULL, NULL,
     "conflicting_labels(a, b) <= 0", MLG_FAIL, "line 2, as line 5 of train.csv", 1, NULL},
    {"equal labels are none", TRAIN, "a,b,label\n2,y,1.0\n", NULL, NULL, "conflicting_labels(a, b) <= 0",
     MLG_PASS, NULL, 0, NULL},
    {"values of both, those with most rows first", TRAIN, "user,label\nu2,0\nu1,1\nu1,0\nu7,0\n", NULL, NULL,
     "shared_groups(user) <= 0", MLG_FAIL, "user=u1: 2 rows of test, 2 rows of train", 2, "split by 'user'"},
    {"a missing value is no group", "user,label\n,0\nu1,1\n", "user,label\nNA,0\nu2,1\n",
     "label: label, max_missing: 0.5", "label: label, max_missing: 0.5", "shared_groups(user) <= 0", MLG_PASS,
     NULL, 0, "1 row of 'test' and 1 row of 'train' have no 'user'"},
    {"more missing values of the groups than max_missing allows are no pass", "user,label\nu7,0\nu1,1\n",
     "user,label\nNA,0\nu2,1\n", NULL, "label: label, max_missing: 0.49", "shared_groups(user) <= 0",
     MLG_VERDICT_ERROR, NULL, 0, "1 of 2 rows of 'test' has no 'user', more than max_missing 0.49 allows"},
    {"without any value groups cannot be told", "user,label\n,0\n,1\n", "user,label\nNA,0\nu2,1\n", NULL,
     NULL, "shared_groups(user) <= 0", MLG_VERDICT_ERROR, NULL, 0, "no row of 'train' has a value of 'user'"},
    {"not after the newest, the oldest first", TRAIN,
     "day,label\n2024-03-01T10:00:00.0,0\n2024-02-01,1\n2024-03-02,0\n", NULL, NULL, "time_overlap(day) <= 0",
     MLG_FAIL, "line 3: 2024-02-01", 2, "split by 'day'"},
    {"later rows alone pass, by the role 'time'", TRAIN, "day,label\n2024-03-01T10:00:00.1,0\n2024-04-01,1\n",
     "label: label, time: day", "label: label, time: day", "time_overlap <= 0", MLG_PASS, NULL, 0, NULL},
    {"a cell that is no time has its place", TRAIN, "day,label\n2024-04-01,0\nsoon,1\n", NULL, NULL,
     "time_overlap(day) <= 0", MLG_VERDICT_ERROR, NULL, 0,
     "'soon' of 'test' (line 3) in column 'day' is no time"},
    {"times of two kinds cannot be compared", TRAIN, "day,label\n2024-04-01T00:00Z,0\n2024-04-01T00:00Z,1\n",
     NULL, NULL, "time_overlap(day) <= 0", MLG_VERDICT_ERROR, NULL, 0, "is a date-time with a zone"},
    {"a date of train covers its day", "day,label\n2024-01-05,0\n2024-01-04,1\n",
     "day,label\n2024-01-05T10:00,0\n2024-01-06,1\n", NULL, NULL, "time_overlap(day) <= 0", MLG_FAIL,
     "line 2: 2024-01-05T10:00", 1, "the newest time is '2024-01-05' of 'train' (line 2)"},
    {"the day after is after", "day,label\n2024-01-05,0\n2024-01-05T23:59:59.9,1\n",
     "day,label\n2024-01-06T00:00,0\n2024-01-06,1\n", NULL, NULL, "time_overlap(day) <= 0", MLG_PASS, NULL, 0,
     NULL},
    {"a month of train covers its days", "day,label\n2023-12,0\n2023-12-05,1\n",
     "day,label\n2023-12-31T23:59:59,0\n2024-01,1\n", NULL, NULL, "time_overlap(day) <= 0", MLG_FAIL,
     "line 2: 2023-12-31T23:59:59", 1, NULL},
    {"more rows without a time than max_missing allows are no pass", TRAIN, "day,label\n2024-04-01,0\n,1\n",
     NULL, NULL, "time_overlap(day) <= 0", MLG_VERDICT_ERROR, NULL, 0,
     "1 of 2 rows of 'test' has no 'day', more than max_missing 0.01 allows"},
    {"rows without a time are told", TRAIN, "day,label\n2024-04-01,0\n,1\n", NULL,
     "label: label, max_missing: 0.5", "time_overlap(day) <= 0", MLG_PASS, NULL, 0,
     "1 of 'test' and 0 of 'train' have no time"},
    {"noise of 1e-9 is found", "x,c,label\n0.5,a,0\n2,b,1\n3,b,1\n", "x,c,label\n2.000000001,b,0\n2.1,b,1\n",
     NULL, NULL, "near_overlap(x, c) <= 0", MLG_FAIL, "line 2, near line 3 of train.csv", 1, "near copy"},
    {"noise around 0 is found", "x,c,label\n0,a,0\n2,b,1\n3,b,1\n", "x,c,label\n-1e-9,a,0\n2.1,b,1\n", NULL,
     NULL, "near_overlap(x, c) <= 0", MLG_FAIL, "line 2, near line 2 of train.csv", 1, NULL},
    {"other cells are to be equal", "x,c,label\n0.5,a,0\n2,b,1\n", "x,c,label\n2.000000001,a,0\n2.1,b,1\n",
     NULL, NULL, "near_overlap(x, c) <= 0", MLG_PASS, NULL, 0, NULL},
    {"a tolerance that is given holds", "x,c,label\n0.5,a,0\n2,b,1\n",
     "x,c,label\n2.000000001,b,0\n2.1,b,1\n", NULL, NULL, "near_overlap(x, c, tolerance=1e-10) <= 0",
     MLG_PASS, NULL, 0, NULL},
    {"the same rows in another order, of columns too, are no split",
     "a,label\n1,0\n2,1\n3,1\n4,0\n5,0\n6,1\n7,0\n8,0\n",
     "label,a\n0,8\n0,7\n1,6\n1,3.0\n0,1\n1,2\n0,4\n0,5\n", NULL, NULL, "overlap(a) <= 9", MLG_VERDICT_ERROR,
     NULL, 0, "have the same rows"},
    {"the same rows are refused where no check looks at them", SAME_NUMBERS, OTHER_ORDER,
     "label: label, prediction: a", "label: label, prediction: a", "gap(mae) <= 9", MLG_VERDICT_ERROR, NULL,
     0, "have the same rows"},
    {"of what names their columns otherwise too", SAME_NUMBERS,
     "y,p\n8,0.8\n7,0.7\n6,0.6\n5,.50\n4,.4\n3,.3\n2,.2\n1,.1\n", "label: label, prediction: a",
     "label: y, prediction: p", "gap(mae) <= 9", MLG_VERDICT_ERROR, NULL, 0, "have the same rows"},
    {"and where what the model answers is written otherwise", ANSWERED("0.25", "0.75"),
     ANSWERED("0.3", "0.8"), "label: label, score: s", "label: label, score: s", "gap(accuracy) <= 0.9",
     MLG_VERDICT_ERROR, NULL, 0, "have the same rows"},
    {"a perfect model has the same labels and predictions everywhere",
     "label,p\n0,0\n1,1\n0,0\n1,1\n0,0\n1,1\n0,0\n1,1\n", "label,p\n1,1\n1,1\n1,1\n1,1\n0,0\n0,0\n0,0\n0,0\n",
     "label: label, prediction: p", "label: label, prediction: p", "gap(accuracy) <= 0.99", MLG_PASS, NULL, 0,
     NULL},
    {"strata have the same rows but for the answers", STRATA("0.25", "0.75"), STRATA("0.3", "0.8"),
     "label: label, score: s", "label: label, score: s", "gap(accuracy) <= 0.9", MLG_PASS, NULL, 0, NULL},
    {"as many rows and other ones are a split", "a,label\n1,0\n2,1\n2,1\n", "label,a\n1,2\n0,1\n0,1\n", NULL,
     NULL, "overlap(a) <= 9", MLG_PASS, "line 2, as line 3 of train.csv", 3, NULL},

    /* Columns that say where a row stands: of ten rows and more. */
    {"a column without a name is no part of a row", ",a,b,label\n0,1,x,0\n1,2,y,1\n",
     ",a,b,label\n0,2,y,1\n1,5,x,0\n", NULL, NULL, "overlap <= 0", MLG_FAIL, "line 2, as line 3 of train.csv",
     1, "compared by 'a', 'b'; left out: '' (has no name)"},
    {"one of them alone may have a column without a name", "a,b,label\n1,x,0\n2,y,1\n",
     ",a,b,label\n0,2,y,1\n1,5,x,0\n", NULL, NULL, "near_overlap <= 0", MLG_FAIL,
     "line 2, as line 3 of train.csv", 1, "left out: '' (has no name)"},
    {"a column that counts rows in both is none", COUNTED_TRAIN, COUNTED_TEST("1"), NULL, NULL,
     "overlap <= 0", MLG_FAIL, "line 3, as line 12 of train.csv", 1,
     "compared by 'a', 'b'; left out: 'i' (counts rows), 's' (another constant in each)"},
    {"nor for rows that are near", COUNTED_TRAIN, COUNTED_TEST("1"), NULL, NULL, "near_overlap <= 0",
     MLG_FAIL, "line 3, as line 12 of train.csv", 1,
     "left out: 'i' (counts rows), 's' (another constant in each)"},
    {"nor for labels that conflict", COUNTED_TRAIN, COUNTED_TEST("0"), NULL, NULL, "conflicting_labels <= 0",
     MLG_FAIL, "line 3, as line 12 of train.csv", 1, "left out: 'i' (counts rows)"},
    {"nor for copies within held-out rows", COUNTED_TRAIN, COUNTED_TEST("1") "30,test,2,b,1\n", NULL, NULL,
     "duplicates <= 0.001", MLG_FAIL, "line 12, as line 3", 1,
     "compared by 'a', 'b', 's'; left out: 'i' (counts rows)"},
    {"a column that is named is never left out", COUNTED_TRAIN, COUNTED_TEST("1"), NULL, NULL,
     "overlap(i, a, b) <= 0", MLG_PASS, NULL, 0, NULL},
    {"what counts may have gaps where rows were dropped", COUNTED_TRAIN "11,train,3,b,\n12,train,4,b,1\n",
     COUNTED_TEST("1"), "label: label, missing: drop", NULL, "overlap <= 0", MLG_FAIL,
     "line 3, as line 12 of train.csv", 1, "left out: 'i' (counts rows)"},
    {"what grows by other steps is a column", COUNTED_TRAIN "12,train,4,b,1\n", COUNTED_TEST("1"), NULL, NULL,
     "overlap <= 0", MLG_PASS, NULL, 0,
     "compared by 'a', 'b', 'i'; left out: 's' (another constant in each)"},
    {"what counts in one of them alone stays",
     "i,a,label\n0,1,0\n2,2,0\n1,3,1\n3,4,1\n4,5,0\n6,6,1\n5,7,0\n7,8,0\n8,9,1\n9,0,1\n",
     "i,a,label\n20,1,0\n21,12,0\n22,13,1\n23,14,1\n24,15,0\n25,16,1\n26,17,0\n27,18,0\n28,19,1\n29,20,1\n",
     NULL, NULL, "overlap <= 0", MLG_PASS, NULL, 0, "compared by 'a', 'i'"},
    {"few rows count by chance", "i,label\n1,0\n2,1\n3,1\n", "i,label\n3,0\n4,1\n", NULL, NULL,
     "overlap <= 0", MLG_FAIL, "line 2, as line 4 of train.csv", 1, "compared by 'i'"},
    {"where no column is left nothing is compared",
     "i,label\n0,1\n1,0\n2,1\n3,1\n4,0\n5,1\n6,0\n7,0\n8,1\n9,1\n",
     "i,label\n3,0\n4,1\n5,1\n6,1\n7,0\n8,1\n9,0\n10,0\n11,1\n12,1\n", NULL, NULL, "overlap <= 0",
     MLG_VERDICT_ERROR, NULL, 0,
     "no column is left to compare the rows of 'test' by: left out are 'i' (counts rows)"},
    {"a column that differs in every row is told where no rows are equal", NAMED_TRAIN, NAMED_TEST, NULL,
     NULL, "overlap <= 0", MLG_PASS, NULL, 0,
     "'key' differs in every row, so that no rows can be equal: if it names rows, give it the role id"},
    {"so it is of rows that are near", NAMED_TRAIN, NAMED_TEST, NULL, NULL, "near_overlap <= 0", MLG_PASS,
     NULL, 0, "'key' differs in every row"},
    {"with the role id it does not hide them", NAMED_TRAIN, NAMED_TEST, "label: label, id: key",
     "label: label, id: key", "overlap <= 0", MLG_FAIL, "id u0, as id k0 of train.csv", 1, "compared by 'a'"},

    /* Equal columns that chance explains. */
    {"rows are not to be removed where train has as many twins", "a,label\n1,0\n1,1\n2,1\n2,0\n3,1\n",
     "a,label\n1,0\n2,1\n4,1\n", NULL, NULL, "overlap <= 0", MLG_FAIL, "line 2, as line 2 of train.csv", 2,
     "equal columns are no proof of copies here, as 4 of the 5 rows of 'train' equal others of it"},
    {"nor those that are near", "a,label\n1,0\n1,1\n2,1\n2,0\n3,1\n", "a,label\n1,0\n2,1\n4,1\n", NULL, NULL,
     "near_overlap <= 0", MLG_FAIL, "line 2, as line 2 of train.csv", 2,
     "overlap(COLUMN), or judge excess_overlap"},
    {"the id is named as what tells copies", "a,k,label\n1,a,0\n1,b,1\n2,c,1\n2,d,0\n3,e,1\n",
     "a,k,label\n1,f,0\n2,g,1\n4,h,1\n", "label: label, id: k", "label: label, id: k", "overlap <= 0",
     MLG_FAIL, "id f, as id a of train.csv", 2, "as in overlap(k)"},

    /* Cross-validation: the rows of a fold against those that it was fitted to. */
    {"a row in the training of other folds is no overlap", FOLDS_TRAIN, "a,label,fold\n1,0,1\n2,1,2\n3,1,3\n",
     "label: label, fold: fold", "label: label, fold: fold", "overlap <= 0", MLG_PASS, NULL, 0,
     "compared by 'a', within each fold"},
    {"a row in the training of its own fold is", FOLDS_TRAIN, "a,label,f\n1,0,1\n3,1,2\n2.0,1,3.0\n",
     "label: label, fold: fold", "label: label, fold: f", "overlap <= 0", MLG_FAIL,
     "line 3, as line 5 of train.csv", 2, "within each fold"},
    {"folds that are near are two", FOLDS_TRAIN, "a,label,fold\n1,0,1\n2,1,2\n3,1,3\n",
     "label: label, fold: fold", "label: label, fold: fold", "near_overlap(a, tolerance=0.1) <= 0", MLG_PASS,
     NULL, 0, "compared within each fold"},
    {"groups are compared within folds", FOLDS_TRAIN, "a,label,fold\n1,0,1\n2,1,3\n,1,3\n",
     "label: label, fold: fold, max_missing: 0.5", "label: label, fold: fold, max_missing: 0.5",
     "shared_groups(a) <= 0", MLG_FAIL, "a=2: 1 row of test, 1 row of train", 1,
     "a value counts once for each"},
};

static bool says(const struct suite_run *run, const struct mlg_check_result *result, const char *part)
{
    const char *const texts[] = {result->reason, result->advice, run->results.gates[0].error};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i] && strstr(texts[i], part))
            return true;
    for (size_t i = 0; i < result->note_count; i++)
        if (strstr(result->notes[i], part))
            return true;
    return false;
}

static void small_tables_are_judged(void **state)
{
    const struct small *small = *state;
    struct suite_run run;
    struct mlg_builder yaml;
    suite_run_begin(&run);
    world_memory_text(&run.world, "train.csv", small->train);
    world_memory_text(&run.world, "test.csv", small->test);
    mlg_builder_init(&yaml, 0);
    mlg_put_format(&yaml,
                   "version: 1\ndata:\n  train: {path: train.csv, %s}\n  test: {path: test.csv, %s}\n"
                   "gates:\n  - {gate: overfit, data: test, train: train, checks: ['%s']}\n",
                   small->train_roles ? small->train_roles : "label: label",
                   small->test_roles ? small->test_roles : "label: label", small->check);
    suite_run_judge(&run, yaml.data);
    mlg_builder_free(&yaml);
    const struct mlg_check_result *result = suite_run_find(&run, small->check);
    assert_non_null(result);
    if (result->verdict != small->verdict)
        fail_msg("verdict %d: %s", (int)result->verdict, result->reason ? result->reason : "");
    if (small->reason && !says(&run, result, small->reason))
        fail_msg("'%s' is not said; the reason is '%s', the advice '%s'", small->reason,
                 result->reason ? result->reason : "", result->advice ? result->advice : "");
    if (small->first) {
        assert_true(result->offender_count > 0);
        assert_string_equal(result->offenders[0], small->first);
        assert_true(result->offenders_of.known);
        assert_int_equal((long)result->offenders_of.value, (long)small->offenders_of);
    } else {
        assert_int_equal(result->offender_count, 0);
    }
    suite_run_end(&run);
}

/* ---- properties ---------------------------------------------------------------------------------- */

enum { MANY = 40000, QUANTITIES = 9 };

static const char *const quantities[QUANTITIES] = {
    "overlap",       "overlap_rate", "excess_overlap",      "conflicting_labels", "duplicates",
    "overlap(a, b)", "near_overlap", "shared_groups(user)", "time_overlap(day)"};

struct spelling {
    bool backwards, other_columns, other_numbers;
    unsigned threads;
};

static uint64_t mixed(uint64_t value)
{
    value = (value ^ value >> 31) * UINT64_C(0x9e3779b97f4a7c15);
    value = (value ^ value >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return value ^ value >> 32;
}

static void put_table(struct suite_run *run, const char *path, uint64_t seed, const struct spelling *spelling)
{
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    mlg_put(&out, spelling->other_columns ? "user,b,label,day,a\n" : "a,b,user,day,label\n");
    for (uint64_t i = 0; i < MANY; i++) {
        const uint64_t row = spelling->backwards ? MANY - 1 - i : i;
        const uint64_t h = mixed(row % 1000 ? row * 2 + seed : row * 2); /* some rows are in both */
        const unsigned a = (unsigned)(h % 5000), b = (unsigned)(h >> 16 & 7),
                       user = (unsigned)(h >> 20 & 65535);
        const unsigned day = (unsigned)(h >> 40 & 15) + 10, label = (unsigned)(mixed(h + seed) & 1);
        const char *zeros = spelling->other_numbers ? "0" : "";
        if (spelling->other_columns)
            mlg_put_format(&out, "u%u,b%u,%u%s,2024-01-%uT00:00,%s%u.%u%s\n", user, b, label,
                           spelling->other_numbers ? ".0" : "", day, zeros, a / 10, a % 10, zeros);
        else
            mlg_put_format(&out, "%s%u.%u%s,b%u,u%u,2024-01-%u,%u\n", zeros, a / 10, a % 10, zeros, b, user,
                           day, label);
    }
    assert_false(out.failed);
    world_memory_put(&run->world, path, WORLD_MEMORY_FILE, out.data, out.size);
    mlg_builder_free(&out);
}

/* Columns that count the rows, and that say which file it is, change nothing, whatever threads there are and
 * rows are dropped. */
static void columns_of_the_file_change_nothing(void **state)
{
    static const char *const checks[] = {"overlap",    "near_overlap",       "excess_overlap",
                                         "duplicates", "conflicting_labels", "overlap(a, b)"};
    enum { CHECKS = sizeof checks / sizeof *checks, RUNS = 3 };
    double values[RUNS][CHECKS];
    (void)state;
    for (size_t k = 0; k < RUNS; k++) {
        struct suite_run run;
        struct mlg_builder yaml;
        suite_run_begin(&run);
        run.threads = k == 1 ? 1 : 4;
        for (unsigned train = 0; train < 2; train++) {
            struct mlg_builder out;
            mlg_builder_init(&out, 0);
            mlg_put(&out, k ? "i,a,s,b,label\n" : "a,b,label\n");
            for (uint64_t i = 0; i < MANY; i++) {
                const uint64_t h = mixed(i % 100 ? i * 2 + train : i * 2);
                const char *label = h % 1000 == 3 ? "" : h >> 20 & 1 ? "1" : "0";
                if (k)
                    mlg_put_format(&out, "%u,%u,%s,b%u,%s\n", (unsigned)i, (unsigned)(h % 100000),
                                   train ? "train" : "test", (unsigned)(h >> 32 & 7), label);
                else
                    mlg_put_format(&out, "%u,b%u,%s\n", (unsigned)(h % 100000), (unsigned)(h >> 32 & 7),
                                   label);
            }
            assert_false(out.failed);
            world_memory_put(&run.world, train ? "train.csv" : "test.csv", WORLD_MEMORY_FILE, out.data,
                             out.size);
            mlg_builder_free(&out);
        }
        mlg_builder_init(&yaml, 0);
        mlg_put(&yaml, "version: 1\ndata:\n  train: {path: train.csv, label: label, missing: drop}\n"
                       "  test: {path: test.csv, label: label, missing: drop}\n"
                       "gates:\n  - gate: overfit\n    data: test\n    train: train\n    checks:\n");
        for (size_t i = 0; i < CHECKS; i++)
            mlg_put_format(&yaml, "      - '%s'\n", checks[i]);
        suite_run_judge(&run, yaml.data);
        mlg_builder_free(&yaml);
        for (size_t i = 0; i < CHECKS; i++) {
            const struct mlg_check_result *result = suite_run_find(&run, checks[i]);
            assert_non_null(result);
            if (!result->estimate.known)
                fail_msg("%s: %s", checks[i], result->reason);
            values[k][i] = result->estimate.value;
            if (k && i + 1 < CHECKS)
                assert_true(says(&run, result, "'i' (counts rows)"));
        }
        suite_run_end(&run);
    }
    assert_true(values[0][0] > 300);
    assert_memory_equal(values[0], values[1], sizeof values[0]);
    assert_memory_equal(values[0], values[2], sizeof values[0]);
}

/* Values and bounds of all quantities. */
static void measure(const struct spelling *spelling, double values[QUANTITIES][3])
{
    struct suite_run run;
    struct mlg_builder yaml;
    const struct spelling plain = {.threads = 1};
    suite_run_begin(&run);
    run.threads = spelling->threads;
    put_table(&run, "train.csv", 0, &plain);
    put_table(&run, "test.csv", 77777777, spelling);
    mlg_builder_init(&yaml, 0);
    mlg_put(&yaml, "version: 1\ndata:\n  train: {path: train.csv, label: label}\n  test: {path: test.csv, "
                   "label: label}\n"
                   "gates:\n  - gate: overfit\n    data: test\n    train: train\n    features: [a, b, "
                   "user]\n    checks:\n");
    for (size_t i = 0; i < QUANTITIES; i++)
        mlg_put_format(&yaml, "      - '%s'\n", quantities[i]);
    suite_run_judge(&run, yaml.data);
    mlg_builder_free(&yaml);
    for (size_t i = 0; i < QUANTITIES; i++) {
        const struct mlg_check_result *result = suite_run_find(&run, quantities[i]);
        assert_non_null(result);
        if (!result->estimate.known)
            fail_msg("%s: %s", quantities[i], result->reason);
        values[i][0] = result->estimate.value;
        values[i][1] = result->lower.known ? result->lower.value : 0;
        values[i][2] = result->upper.known ? result->upper.value : 0;
    }
    suite_run_end(&run);
}

static void order_spelling_and_threads_leave_no_trace(void **state)
{
    static const struct spelling spellings[] = {
        {.threads = 3},
        {.threads = 1, .backwards = true},
        {.threads = 1, .other_columns = true},
        {.threads = 1, .other_numbers = true},
        {.threads = 2, .backwards = true, .other_columns = true, .other_numbers = true}};
    double plain[QUANTITIES][3], other[QUANTITIES][3];
    (void)state;
    measure(&(struct spelling){.threads = 1}, plain);
    assert_true(plain[0][0] >= 40 && plain[3][0] > 5);
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        measure(&spellings[i], other);
        assert_memory_equal(plain, other, sizeof plain);
    }
}

/* ---- rows that were copied within train ----------------------------------------------------------- */

/* Every train row stands there twice; a tenth of the held-out rows are in train. Chance seems to be 1. */
static void copies_within_train_are_no_yardstick(void **state)
{
    struct suite_run run;
    struct mlg_builder out;
    (void)state;
    suite_run_begin(&run);
    mlg_builder_init(&out, 0);
    mlg_put(&out, "a,label\n");
    for (int i = 0; i < 2000; i++)
        mlg_put_format(&out, "%d,%d\n", i / 2, i & 1);
    world_memory_text(&run.world, "train.csv", out.data);
    mlg_builder_free(&out);
    mlg_builder_init(&out, 0);
    mlg_put(&out, "a,label\n");
    for (int i = 0; i < 1000; i++)
        mlg_put_format(&out, "%d,%d\n", i % 10 ? 5000 + i : i / 10, i & 1);
    world_memory_text(&run.world, "test.csv", out.data);
    mlg_builder_free(&out);
    suite_run_judge(&run,
                    "version: 1\ndata:\n  train: {path: train.csv, label: label}\n"
                    "  test: {path: test.csv, label: label}\ngates:\n"
                    "  - {gate: overfit, data: test, train: train, checks: ['excess_overlap(a) <= 0.05']}\n");
    const struct mlg_check_result *result = suite_run_find(&run, "excess_overlap(a) <= 0.05");
    assert_non_null(result);
    assert_int_equal(result->verdict, MLG_INCONCLUSIVE);
    assert_true(result->upper.value > 0.1);
    assert_true(says(&run, result, "were they oversampled?"));
    suite_run_end(&run);
}

/* Rows of train that are there twice, rows of it that held-out rows are copies of, and of how many values all
 * are; 0: each row is another. */
static const struct copied {
    const char *sentence;
    int copied, leaked, values;
    enum mlg_verdict verdict;
} copieds[] = {
    {"as many copies within train as held-out rows leaked hide no leak", 100, 180, 0, MLG_INCONCLUSIVE},
    {"nor do twice as many", 200, 330, 0, MLG_INCONCLUSIVE},
    {"nor do three times as many", 300, 460, 0, MLG_INCONCLUSIVE},
    {"a leak without copies fails", 0, 180, 0, MLG_FAIL},
    {"copies without a leak pass", 300, 0, 0, MLG_PASS},
    {"rows of few values are found by chance, and pass", 0, 0, 30, MLG_PASS},
    {"of more values too", 0, 0, 4000, MLG_PASS},
    {"and fail where some are copied", 0, 300, 4000, MLG_FAIL},
};

static int value_of(const struct copied *row, int i)
{
    return row->values ? (int)(mixed((uint64_t)i + 1) % (uint64_t)row->values) : i;
}

static void copies_within_train_hide_no_leak(void **state)
{
    const struct copied *row = *state;
    struct suite_run run;
    struct mlg_builder out;
    suite_run_begin(&run);
    mlg_builder_init(&out, 0);
    mlg_put(&out, "a,label\n");
    for (int i = 0; i < 1000 + row->copied; i++)
        mlg_put_format(&out, "%d,%d\n", value_of(row, i % 1000), i & 1);
    world_memory_text(&run.world, "train.csv", out.data);
    mlg_builder_free(&out);
    mlg_builder_init(&out, 0);
    mlg_put(&out, "a,label\n");
    for (int i = 0; i < 1000; i++)
        mlg_put_format(&out, "%d,%d\n", value_of(row, i < row->leaked ? 999 - i : 5000 + i), i & 1);
    world_memory_text(&run.world, "test.csv", out.data);
    mlg_builder_free(&out);
    suite_run_judge(&run,
                    "version: 1\ndata:\n  train: {path: train.csv, label: label}\n"
                    "  test: {path: test.csv, label: label}\ngates:\n"
                    "  - {gate: overfit, data: test, train: train, checks: ['excess_overlap(a) <= 0.05']}\n");
    const struct mlg_check_result *result = suite_run_find(&run, "excess_overlap(a) <= 0.05");
    assert_non_null(result);
    if (result->verdict != row->verdict)
        fail_msg("verdict %d: %g [%g, %g]", (int)result->verdict, result->estimate.value, result->lower.value,
                 result->upper.value);
    assert_true(says(&run, result, "were they oversampled?") == (row->copied > 0));
    suite_run_end(&run);
}

/* ---- rows of train among the held-out ones ---------------------------------------------------------- */

/* 40 rows of each; train has the held-out rows from `first` on, 40: none. */
static const struct told {
    const char *sentence;
    int first;
    bool by_number; /* ids count the rows of each file */
    const char *roles, *held_out_roles;
    bool is_stream;              /* the held-out rows come through a pipe */
    const char *error, *warning; /* parts; NULL: there is none */
} tolds[] = {
    {"the same rows through a pipe", 0, false, "label: label, score: s", NULL, true, "have the same rows",
     NULL},
    {"all rows but one are told by their columns", 1, false, "label: label, score: s", NULL, false, NULL,
     "39 of 40 rows of 'test' are rows of 'train' too (equal in all columns but the answers)"},
    {"through a pipe too", 1, false, "label: label, score: s", NULL, true, NULL,
     "39 of 40 rows of 'test' are rows of 'train' too (equal in all columns but the answers)"},
    {"few rows by their ids", 28, false, "label: label, score: s, id: id", NULL, false, NULL,
     "12 of 40 rows of 'test' are rows of 'train' too (by 'id', with the same label)"},
    {"ids that count the rows of each file say nothing", 40, true, "label: label, score: s, id: id", NULL,
     false, NULL, NULL},
    {"rows of other folds are no rows of train", 1, false, "label: label, score: s, fold: own", NULL, false,
     NULL, NULL},
    {"nor is known what folds of one mean", 1, false, "label: label, score: s",
     "label: label, score: s, fold: own", false, NULL, NULL},
    {"rows of another source are none", 40, false, "label: label, score: s", NULL, false, NULL, NULL},
};

static void put_rows(struct suite_run *run, const char *path, const struct told *told, int first,
                     bool is_stream)
{
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    mlg_put(&out, "id,x,label,s,own\n");
    for (int i = 0; i < 40; i++) {
        const int row = path[0] == 't' && path[1] == 'r' ? first + 39 - i : i;
        mlg_put_format(&out, "%d,%d.5,%d,0.%d%d,%d\n", told->by_number ? i : row, row * 7,
                       (int)(mixed((uint64_t)row) & 1), row & 1 ? 3 : 6, i % 10,
                       strstr(told->roles, "fold") && path[1] == 'e');
    }
    world_memory_put(&run->world, path, is_stream ? WORLD_MEMORY_STREAM : WORLD_MEMORY_FILE, out.data,
                     out.size);
    mlg_builder_free(&out);
}

static void rows_of_train_are_told(void **state)
{
    const struct told *told = *state;
    struct suite_run run;
    struct mlg_builder yaml;
    suite_run_begin(&run);
    put_rows(&run, "train.csv", told, told->first, false);
    put_rows(&run, told->is_stream ? "-" : "test.csv", told, 0, told->is_stream);
    mlg_builder_init(&yaml, 0);
    mlg_put_format(&yaml,
                   "version: 1\ndata:\n  train: {path: train.csv, %s}\n  test: {path: '%s', %s}\n"
                   "gates:\n  - {gate: overfit, data: test, train: train, checks: [gap(accuracy) <= 0.9]}\n",
                   told->roles, told->is_stream ? "-" : "test.csv",
                   told->held_out_roles ? told->held_out_roles : told->roles);
    suite_run_judge(&run, yaml.data);
    mlg_builder_free(&yaml);
    const char *error = run.results.gates[0].error;
    if (!error != !told->error || (error && !strstr(error, told->error)))
        fail_msg("the error is '%s'", error ? error : "");
    assert_int_equal(run.results.warning_count, told->warning ? 1 : 0);
    if (told->warning && !strstr(run.results.warnings[0], told->warning))
        fail_msg("the warning is '%s'", run.results.warnings[0]);
    suite_run_end(&run);
}

/* ---- clusters and weights -------------------------------------------------------------------------- */

/* 20 clusters of 15 held-out rows, with the bounds of an accuracy of such rows; half of the clusters stand in
 * train, or each row twice in held-out rows.
 */
struct clustered {
    const char *sentence, *roles, *check;
    enum mlg_verdict verdict;
    double lower, upper; /* of the bounds; 0: there are none */
    const char *says;
};

static const struct clustered clustereds[] = {
    {"rows by themselves have Wilson's bounds", "", "overlap_rate(a) <= 0.6", MLG_PASS, 0.4527, 0.5473, NULL},
    {"rows of a cluster come together", ", cluster: c", "overlap_rate(a) <= 0.6", MLG_INCONCLUSIVE, 0.2864,
     0.7136, NULL},
    {"of copies too", ", cluster: c", "duplicates(b) <= 0.6", MLG_INCONCLUSIVE, 0.2848, 0.7094, NULL},
    {"whatever the weight of rows, which is told", ", cluster: c, weight: w", "overlap_rate(a) <= 0.6",
     MLG_INCONCLUSIVE, 0.2864, 0.7136, "rows count once each, whatever their weight"},
    {"of clusters nothing is taken off that chance may give", ", cluster: c", "excess_overlap(a) <= 0.6",
     MLG_INCONCLUSIVE, 0.2864, 0.7136, "the upper bound is that of overlap_rate"},
};

static void shares_of_rows_go_by_clusters(void **state)
{
    const struct clustered *row = *state;
    struct suite_run run;
    struct mlg_builder out, yaml;
    suite_run_begin(&run);
    run.threads = 3;
    mlg_builder_init(&out, 0);
    mlg_put(&out, "a,b,c,w,label\n");
    for (int i = 0; i < 300; i++)
        mlg_put_format(&out, "%d,%d,%d,1,%d\n", i, i % 20 < 10 ? 5000 : i, i % 20, i & 1);
    world_memory_text(&run.world, "test.csv", out.data);
    mlg_builder_free(&out);
    mlg_builder_init(&out, 0);
    mlg_put(&out, "a,b,c,w,label\n");
    for (int i = 0; i < 400; i++)
        mlg_put_format(&out, "%d,7,1,1,%d\n", i % 20 < 10 ? i : 1000 + i, i & 1);
    world_memory_text(&run.world, "train.csv", out.data);
    mlg_builder_free(&out);
    mlg_builder_init(&yaml, 0);
    mlg_put_format(&yaml,
                   "version: 1\ndata:\n  train: {path: train.csv, label: label%s}\n"
                   "  test: {path: test.csv, label: label%s}\n"
                   "gates:\n  - {gate: overfit, data: test, train: train, checks: ['%s']}\n",
                   row->roles, row->roles, row->check);
    suite_run_judge(&run, yaml.data);
    mlg_builder_free(&yaml);
    const struct mlg_check_result *result = suite_run_find(&run, row->check);
    assert_non_null(result);
    if (result->verdict != row->verdict)
        fail_msg("verdict %d: %s", (int)result->verdict, result->reason ? result->reason : "");
    assert_true(result->lower.known == (row->lower > 0));
    if (row->lower > 0 &&
        (result->lower.value < row->lower - 1e-3 || result->lower.value > row->lower + 1e-3 ||
         result->upper.value < row->upper - 1e-3 || result->upper.value > row->upper + 1e-3))
        fail_msg("the bounds are %g and %g", result->lower.value, result->upper.value);
    if (row->says && !says(&run, result, row->says))
        fail_msg("'%s' is not said", row->says);
    suite_run_end(&run);
}

/* A pipe cannot be read again: the count stands, and what it rests on is said. */
static void what_cannot_be_read_again_is_counted(void **state)
{
    struct suite_run run;
    static const char table[] = "a,label\n1,0\n5,1\n";
    (void)state;
    suite_run_begin(&run);
    world_memory_text(&run.world, "train.csv", "a,label\n1,1\n2,0\n3,1\n");
    world_memory_put(&run.world, "-", WORLD_MEMORY_STREAM, table, sizeof table - 1);
    suite_run_judge(&run, "version: 1\ndata:\n  train: {path: train.csv, label: label}\n"
                          "  test: {path: '-', label: label}\ngates:\n"
                          "  - {gate: overfit, data: test, train: train, checks: ['overlap(a) <= 0']}\n");
    const struct mlg_check_result *result = suite_run_find(&run, "overlap(a) <= 0");
    assert_non_null(result);
    assert_int_equal(result->verdict, MLG_FAIL);
    assert_int_equal((long)result->estimate.value, 1);
    assert_int_equal(result->offender_count, 0);
    assert_true(says(&run, result, "rests on a 128-bit hash"));
    suite_run_end(&run);
}

/* A counter is known for one when all is read: a pipe has no second look without it. */
static void what_cannot_be_read_without_a_column_is_an_error(void **state)
{
    static const char *const checks[] = {"overlap <= 0", "near_overlap <= 0"};
    static const char table[] = COUNTED_TEST("1");
    struct suite_run run;
    (void)state;
    suite_run_begin(&run);
    world_memory_text(&run.world, "train.csv", COUNTED_TRAIN);
    world_memory_put(&run.world, "-", WORLD_MEMORY_STREAM, table, sizeof table - 1);
    suite_run_judge(&run, "version: 1\ndata:\n  train: {path: train.csv, label: label}\n"
                          "  test: {path: '-', label: label}\ngates:\n"
                          "  - {gate: overfit, data: test, train: train, checks: ['overlap <= 0', "
                          "'near_overlap <= 0']}\n");
    for (size_t i = 0; i < 2; i++) {
        const struct mlg_check_result *result = suite_run_find(&run, checks[i]);
        assert_non_null(result);
        assert_int_equal(result->verdict, MLG_VERDICT_ERROR);
        assert_true(says(&run, result, "'test' cannot be read a second time"));
    }
    suite_run_end(&run);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(smalls) + COUNT(clustereds) + COUNT(copieds) + COUNT(tolds) + 6];
    size_t count = 0;
    NAMED_ROWS(tests, count, smalls, small_tables_are_judged);
    NAMED_ROWS(tests, count, copieds, copies_within_train_hide_no_leak);
    NAMED_ROWS(tests, count, tolds, rows_of_train_are_told);
    NAMED_ROWS(tests, count, clustereds, shares_of_rows_go_by_clusters);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(numbers_are_those_of_pandas);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(order_spelling_and_threads_leave_no_trace);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(copies_within_train_are_no_yardstick);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(what_cannot_be_read_again_is_counted);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(columns_of_the_file_change_nothing);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(what_cannot_be_read_without_a_column_is_an_error);
    return _cmocka_run_group_tests("overfit_rows", tests, count, NULL, NULL);
}
