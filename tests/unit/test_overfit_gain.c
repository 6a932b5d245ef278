/* Gains over constant answers and simple models, and single columns, against scikit-learn
 * (tests/oracles/gain.py). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/overfit.h"
#include "mlgate/text.h"
#include "mlgate/verdict.h"
#include "named_rows.h"
#include "suite_run.h"

static char *read_file(const char *name)
{
    enum { MOST = 1 << 20 };
    char path[512];
    char *text = calloc(1, MOST);
    snprintf(path, sizeof path, "%s/tests/oracles/%s", MLG_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    assert_true(text && file);
    assert_true(fread(text, 1, MOST - 1, file) < MOST - 1);
    fclose(file);
    return text;
}

/* The lines after the first in the opposite order. */
static char *reversed(const char *text)
{
    const size_t size = strlen(text), head = strcspn(text, "\n") + 1;
    char *out = calloc(1, size + 1), *at = out;
    assert_non_null(out);
    memcpy(at, text, head);
    at += head;
    for (size_t end = size; end > head;) {
        size_t begin = end - 1;
        while (begin > head && text[begin - 1] != '\n')
            begin--;
        memcpy(at, text + begin, end - begin);
        at += end - begin;
        end = begin;
    }
    return out;
}

struct task {
    const char *name, *roles;
};

static const struct task tasks[] = {
    {"label", "label: label, prediction: label_prediction, score: label_p_1, positive: 1"},
    {"weighted", "label: label, prediction: label_prediction, score: label_p_1, positive: 1, weight: w"},
    {"kind", "label: kind, prediction: kind_prediction, score_prefix: kind_p_"},
    {"value", "label: value, prediction: value_prediction"},
};

enum { CHECKS = 64 };

struct expected {
    char task[16], check[64];
    double value;
};

static size_t read_expected(struct expected *expected)
{
    char *text = read_file("gain_expected.csv"), *line = strchr(text, '\n');
    size_t count = 0;
    while (line && line[1]) {
        struct expected *e = &expected[count++];
        assert_true(count < CHECKS);
        assert_int_equal(sscanf(line + 1, "%15[^,],%63[^,],%lf", e->task, e->check, &e->value), 3);
        line = strchr(line + 1, '\n');
    }
    free(text);
    return count;
}

static void judge(struct suite_run *run, const struct task *task, const struct expected *expected,
                  size_t count, const char *train, const char *test, const char *more, bool in_any_order)
{
    char yaml[8192];
    suite_run_begin(run);
    world_memory_text(&run->world, "train.csv", train);
    world_memory_text(&run->world, "test.csv", test);
    int used = snprintf(
        yaml, sizeof yaml,
        "version: 1\ndata:\n  train: {path: train.csv, %s}\n  test: {path: test.csv, %s}\n"
        "gates:\n- {gate: overfit, data: test, train: train, features: [a, b, color, same], %schecks: [",
        task->roles, task->roles, more);
    for (size_t i = 0; i < count; i++)
        if (strcmp(expected[i].task, task->name) == 0 &&
            (!in_any_order || strcmp(expected[i].check, "id_leak") != 0))
            used += snprintf(yaml + used, sizeof yaml - (size_t)used, "\"%s\", ", expected[i].check);
    snprintf(yaml + used, sizeof yaml - (size_t)used, "]}\n");
    suite_run_judge(run, yaml);
}

static void values_are_those_of_scikit_learn(void **state)
{
    static struct expected expected[CHECKS];
    static struct suite_run run;
    const size_t count = read_expected(expected);
    char *train = read_file("gain_train.csv"), *test = read_file("gain_test.csv");
    size_t compared = 0;
    (void)state;
    for (size_t t = 0; t < COUNT(tasks); t++) {
        judge(&run, &tasks[t], expected, count, train, test, "", false);
        for (size_t i = 0; i < count; i++) {
            if (strcmp(expected[i].task, tasks[t].name) != 0)
                continue;
            const struct mlg_check_result *check = suite_run_find(&run, expected[i].check);
            if (!check || !check->estimate.known)
                fail_msg("%s of %s: %s", expected[i].check, tasks[t].name,
                         check ? check->reason : "not found");
            if (!(fabs(check->estimate.value - expected[i].value) <= 1e-8 * fmax(1, fabs(expected[i].value))))
                fail_msg("%s of %s is %.12g, and scikit-learn has %.12g", expected[i].check, tasks[t].name,
                         check->estimate.value, expected[i].value);
            if (!check->lower.known || !(check->lower.value <= check->estimate.value) ||
                !check->upper.known || !(check->upper.value >= check->estimate.value))
                fail_msg("%s of %s has no bounds: %s", expected[i].check, tasks[t].name, check->reason);
            compared++;
        }
        suite_run_end(&run);
    }
    assert_int_equal(compared, 34);
    free(train), free(test);
}

static void the_order_of_rows_leaves_no_trace(void **state)
{
    static struct expected expected[CHECKS];
    static struct suite_run run;
    const size_t count = read_expected(expected);
    char *train = read_file("gain_train.csv"), *test = read_file("gain_test.csv");
    char *other_train = reversed(train), *other_test = reversed(test);
    (void)state;
    for (size_t t = 0; t < COUNT(tasks); t++) {
        judge(&run, &tasks[t], expected, count, train, test, "slices: [color], ", true);
        char *one = suite_run_text(&run);
        suite_run_end(&run);
        judge(&run, &tasks[t], expected, count, other_train, other_test, "slices: [color], ", true);
        char *other = suite_run_text(&run);
        suite_run_end(&run);
        assert_string_equal(one, other);
        free(one), free(other);
    }
    free(train), free(test), free(other_train), free(other_test);
}

/* ---- edges ------------------------------------------------------------------------------------------ */

/* What the columns of a made table hold; `row` counts from 0, and a label is row % 2. */
struct made {
    int rows;
    void (*put)(struct mlg_builder *out, int row);
    const char *header;
};

/* Some number below `most` that the row's number does not show. */
static int scrambled(int row, int most)
{
    const uint64_t mixed = ((uint64_t)row + 1) * UINT64_C(0x9e3779b97f4a7c15);
    return (int)(mixed >> 33) % most;
}

/* The model has three rows of four right; x is noise. */
static int right(int row)
{
    return scrambled(row, 4) > 0 ? row % 2 : 1 - row % 2;
}

static void put_noise(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%d,%d,%d\n", row % 2, right(row), scrambled(row + 500, 97));
}

static void put_other_noise(struct mlg_builder *out, int row)
{
    put_noise(out, row + 1000);
}

static void put_shifted(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%d,%d,%d\n", row % 2, right(row), 60 + scrambled(row + 777, 97));
}

static void put_leak(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%d,%d,%d,%s\n", row % 2, right(row), scrambled(row + 500, 97),
                   row % 2 ? "on" : "off");
}

static void put_same(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%d,%d,7\n", row % 2, right(row));
}

static void put_two(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%d,%d,%d\n", row % 2, right(row), scrambled(row, 2));
}

static void put_one_label(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "1,%d,%d\n", right(row), scrambled(row, 97));
}

static void put_sorted(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%d,%d,%d\n", row >= 100, row >= 100, scrambled(row, 97));
}

static void put_numbered(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%d,%d,%d,%d\n", row % 2, right(row), scrambled(row + 500, 97),
                   row % 2 * 1000 + scrambled(row, 1000));
}

static void put_sparse(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%d,%d,%s\n", row % 2, right(row), row % 3 ? "" : row % 5 ? "b" : "3");
}

#define PLAIN "label,prediction,x\n"

struct edge {
    const char *sentence;
    struct made test, train;
    const char *more, *check; /* more: other keys of both sources */
    enum mlg_verdict verdict;
    const char *reason, *offender, *advice; /* what is told, in part; NULL: whatever */
};

static const struct edge edges[] = {
    {"a model that is right beats a constant answer",
     {200, put_noise, PLAIN},
     {200, put_other_noise, PLAIN},
     "",
     "gain_over_dummy(accuracy) >= 0.1",
     MLG_PASS,
     NULL,
     NULL,
     NULL},
    {"without train a constant answer is learnt from the held-out labels",
     {200, put_noise, PLAIN},
     {0, NULL, NULL},
     "",
     "gain_over_dummy(accuracy) >= 0.1",
     MLG_PASS,
     NULL,
     NULL,
     NULL},
    {"a gain that is too small is told, with what to look at",
     {200, put_noise, PLAIN},
     {200, put_other_noise, PLAIN},
     "",
     "gain_over_dummy(accuracy) >= 0.6",
     MLG_FAIL,
     NULL,
     NULL,
     "an answer that looks at no row does as well"},
    {"a simple model that knows better is told",
     {200, put_leak, "label,prediction,x,leak\n"},
     {200, put_leak, "label,prediction,x,leak\n"},
     "",
     "gain_over_simple(accuracy) >= 0",
     MLG_FAIL,
     NULL,
     NULL,
     "take the simple model"},
    {"a precision without positive answers has no gain",
     {199, put_noise, PLAIN},
     {199, put_other_noise, PLAIN},
     ", positive: 1",
     "gain_over_dummy(precision) >= 0",
     MLG_VERDICT_ERROR,
     "the constant answer's precision",
     NULL,
     NULL},
    {"columns that do not vary fit no model",
     {200, put_same, PLAIN},
     {200, put_same, PLAIN},
     "",
     "gain_over_simple(accuracy) >= 0",
     MLG_VERDICT_ERROR,
     "no column varies",
     NULL,
     NULL},
    {"columns that do not vary have no best one",
     {200, put_same, PLAIN},
     {200, put_same, PLAIN},
     "",
     "single_feature(accuracy) <= 0.9",
     MLG_VERDICT_ERROR,
     "column 'x' alone: no column varies",
     NULL,
     NULL},
    {"columns that do not vary tell nothing apart",
     {200, put_same, PLAIN},
     {200, put_same, PLAIN},
     "",
     "domain_auc <= 0.6",
     MLG_VERDICT_ERROR,
     "no column varies",
     NULL,
     NULL},
    {"two different rows are halved row by row",
     {200, put_two, PLAIN},
     {200, put_two, PLAIN},
     "",
     "domain_auc <= 0.6",
     MLG_PASS,
     NULL,
     NULL,
     NULL},
    {"one label in train fits no model",
     {200, put_noise, PLAIN},
     {200, put_one_label, PLAIN},
     ", labels: [0, 1]",
     "gain_over_simple(accuracy) >= 0",
     MLG_VERDICT_ERROR,
     "have the same label",
     NULL,
     NULL},
    {"missing cells and numbers among texts are categories",
     {200, put_sparse, PLAIN},
     {200, put_sparse, PLAIN},
     "",
     "gain_over_simple(accuracy) >= 0",
     MLG_PASS,
     NULL,
     NULL,
     NULL},
    {"a column that knows the label is found",
     {200, put_leak, "label,prediction,x,leak\n"},
     {200, put_leak, "label,prediction,x,leak\n"},
     "",
     "single_feature(accuracy) <= 0.9",
     MLG_FAIL,
     NULL,
     "column 'leak': 1",
     "look at column 'leak'"},
    {"columns that do not know it keep within the limit",
     {200, put_noise, PLAIN},
     {200, put_other_noise, PLAIN},
     "",
     "single_feature(accuracy) <= 0.9",
     MLG_PASS,
     NULL,
     NULL,
     NULL},
    {"an error that is too small for one column is found",
     {200, put_leak, "label,prediction,x,leak\n"},
     {200, put_leak, "label,prediction,x,leak\n"},
     "",
     "single_feature(zero_one_loss) >= 0.1",
     MLG_FAIL,
     NULL,
     "column 'leak': 0",
     NULL},
    {"a random split is told from none",
     {400, put_noise, PLAIN},
     {400, put_other_noise, PLAIN},
     "",
     "domain_auc <= 0.6",
     MLG_PASS,
     NULL,
     NULL,
     NULL},
    {"a column that moved between train and held-out rows is found",
     {200, put_shifted, PLAIN},
     {200, put_noise, PLAIN},
     "",
     "domain_auc <= 0.6",
     MLG_FAIL,
     NULL,
     "column 'x': 0.",
     "look at column 'x'"},
    {"rows sorted by label are told",
     {200, put_sorted, PLAIN},
     {0, NULL, NULL},
     "",
     "id_leak <= 0.3",
     MLG_FAIL,
     NULL,
     "order of the rows: 1",
     "look at the order of the rows"},
    {"rows in any order are not",
     {200, put_noise, PLAIN},
     {0, NULL, NULL},
     "",
     "id_leak <= 0.3",
     MLG_PASS,
     NULL,
     NULL,
     NULL},
    {"an id that counts the labels is told",
     {200, put_numbered, "label,prediction,x,key\n"},
     {0, NULL, NULL},
     ", id: key",
     "id_leak <= 0.3",
     MLG_FAIL,
     NULL,
     "id 'key': 1",
     "look at the id 'key'"},
    {"one label has no correlation",
     {200, put_one_label, PLAIN},
     {0, NULL, NULL},
     "",
     "id_leak <= 0.3",
     MLG_VERDICT_ERROR,
     "all rows have the same label",
     NULL,
     NULL},
};

static void put_table(struct suite_run *run, const char *path, const struct made *made)
{
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    mlg_put(&text, made->header);
    for (int row = 0; row < made->rows; row++)
        made->put(&text, row);
    world_memory_text(&run->world, path, text.data);
    mlg_builder_free(&text);
}

static bool tells(const char *text, const char *part)
{
    return !part || (text && strstr(text, part));
}

static bool is_noted(const struct mlg_check_result *check, const char *part)
{
    bool noted = !part;
    for (size_t i = 0; i < check->note_count; i++)
        noted = noted || strstr(check->notes[i], part);
    return noted;
}

static void judge_edge(const struct edge *edge, const char *note)
{
    static struct suite_run run;
    char yaml[1024];
    /* Sources with the same bytes are refused: one of them ends in one row more. */
    struct made train = edge->train;
    train.rows += train.put == edge->test.put ? 1 : 0;
    suite_run_begin(&run);
    put_table(&run, "test.csv", &edge->test);
    if (train.put)
        put_table(&run, "train.csv", &train);
    const char *prediction = strstr(edge->more, "score:") ? "" : ", prediction: prediction";
    int used =
        snprintf(yaml, sizeof yaml,
                 "version: 1\ndata:\n  test: {path: test.csv, allow_constant: true, label: label%s%s}\n",
                 prediction, edge->more);
    if (train.put)
        used += snprintf(yaml + used, sizeof yaml - (size_t)used,
                         "  train: {path: train.csv, allow_constant: true, label: label%s%s}\n", prediction,
                         edge->more);
    snprintf(yaml + used, sizeof yaml - (size_t)used,
             "gates: [{gate: overfit, data: test%s, checks: [\"%s\"]}]\n", train.put ? ", train: train" : "",
             edge->check);
    suite_run_judge(&run, yaml);
    const struct mlg_check_result *check = suite_run_find(&run, edge->check);
    assert_non_null(check);
    if (check->verdict != edge->verdict)
        fail_msg("%s: %s, %g from %g to %g", mlg_verdicts[check->verdict].word,
                 check->reason ? check->reason : "", check->estimate.value, check->lower.value,
                 check->upper.value);
    if (!tells(check->reason, edge->reason) || !tells(check->advice, edge->advice) ||
        !tells(check->offender_count ? check->offenders[0] : NULL, edge->offender))
        fail_msg("reason %s; offender %s; advice %s", check->reason ? check->reason : "none",
                 check->offender_count ? check->offenders[0] : "none",
                 check->advice ? check->advice : "none");
    if (!is_noted(check, note))
        fail_msg("noted: %s", check->note_count ? check->notes[0] : "nothing");
    suite_run_end(&run);
}

static void edges_are_what_they_say(void **state)
{
    judge_edge(*state, NULL);
}

/* ---- what is told beside ----------------------------------------------------------------------------- */

static void put_mixed(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%d,%d,", row % 2, right(row));
    if (row == 7)
        mlg_put(out, "unknown\n");
    else
        mlg_put_format(out, "%d\n", row % 2 * 100 + scrambled(row, 90));
}

static void put_many_texts(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%d,%d,t%d\n", row % 2, right(row), row % 2 + 2 * scrambled(row, 60));
}

static void put_far_out(struct mlg_builder *out, int row)
{
    const int size = row % 2 ? 200 + scrambled(row, 100) : scrambled(row, 100);
    mlg_put_format(out, "%d,%d,%d\n", row % 2, right(row), scrambled(row + 9, 2) ? size : -size);
}

static void put_coded(struct mlg_builder *out, int row)
{
    static const int codes[2][4] = {{0, 2, 3, 5}, {1, 4, 1, 4}};
    mlg_put_format(out, "%d,%d,%d\n", row % 2, right(row), codes[row % 2][scrambled(row, 4)]);
}

static void put_site(struct mlg_builder *out, int row, int of_ten)
{
    mlg_put_format(out, "%d,%d,%s,%s\n", row % 2, right(row), scrambled(row, 10) < of_ten ? "A" : "B",
                   scrambled(row + 99, 2) ? "f" : "m");
}

static void put_few_different(struct mlg_builder *out, int row)
{
    put_site(out, row, 8);
}

static void put_few_different_train(struct mlg_builder *out, int row)
{
    put_site(out, row + 1000, 2);
}

static void put_narrow(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%d,%d,%d\n", row % 2, right(row), scrambled(row, 11) - 5);
}

static void put_wide(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%d,%d,%d\n", row % 2, right(row), scrambled(row, 201) - 100);
}

static void put_january(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%d,%d,2024-01-%02d\n", row % 2, right(row), 1 + scrambled(row, 28));
}

static void put_march(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%d,%d,2024-03-%02dT10:00\n", row % 2, right(row), 1 + scrambled(row, 28));
}

static void put_one_positive(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%d,%d,%d,%s\n", row % 2, row == 1, scrambled(row + 500, 97), row % 2 ? "on" : "off");
}

static void put_words(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%s,%s,%d\n", row % 2 ? "yes" : "no", right(row) ? "yes" : "no", row % 7);
}

static void put_weighted(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%d,%d,%d,%d\n", row % 2, right(row), scrambled(row, 97), 1 + row % 3);
}

/* Of every cluster of 20 rows one label: 0 1 1 0 1 0 0 1 1 0. */
static void put_clustered(struct mlg_builder *out, int row)
{
    const unsigned cluster = (unsigned)row / 20;
    const int label = (cluster ^ cluster >> 1 ^ cluster >> 2 ^ cluster >> 3) & 1;
    mlg_put_format(out, "%d,%d,%d,c%u\n", label, row % 3 ? label : 1 - label,
                   scrambled((int)cluster + 7, 97) * 100 + scrambled(row, 10), cluster);
}

static void put_other_clusters(struct mlg_builder *out, int row)
{
    put_clustered(out, row + 1000);
}

static void put_row_ids(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%d,%d,%d,row-%04d\n", row % 2, right(row), scrambled(row + 500, 97),
                   row % 2 * 1000 + scrambled(row, 1000));
}

static void put_one_odd_id(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%d,%d,%d,%s%d\n", row % 2, right(row), scrambled(row + 500, 97), row == 9 ? "x" : "",
                   row % 2 * 1000 + scrambled(row, 1000));
}

static void put_names(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%d,%d,%d,%c%d\n", row % 2, right(row), scrambled(row + 500, 97), 'a' + row % 20,
                   row);
}

static void put_answers(struct mlg_builder *out, int row)
{
    const double score = (row % 2 ? 0.6 : 0.1) + 0.0003 * scrambled(row, 1000);
    mlg_put_format(out, "%d,%.6g,%d,%.6g\n", row % 2, score, scrambled(row + 500, 97), 1 - score);
}

static void put_more_answers(struct mlg_builder *out, int row)
{
    put_answers(out, row + 1000);
}

static void put_decided(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%d,%d,%d,%d\n", row % 2, right(row), scrambled(row + 500, 97), right(row));
}

struct remark {
    struct edge edge;
    const char *note;
};

#define LEAK "label,prediction,leak\n"

static const struct remark remarks[] = {
    {{"a column of numbers with a text in it is still one of numbers",
      {200, put_mixed, LEAK},
      {200, put_mixed, LEAK},
      "",
      "single_feature(accuracy) <= 0.9",
      MLG_FAIL,
      NULL,
      "column 'leak': ",
      NULL},
     "column 'leak' is one of numbers but for 2 cells, which count as missing ('unknown')"},
    {{"a column of many texts that fix the label is found",
      {600, put_many_texts, LEAK},
      {600, put_many_texts, LEAK},
      "",
      "single_feature(accuracy) <= 0.8",
      MLG_FAIL,
      NULL,
      ", by the labels of each text",
      NULL},
     "column 'leak' has 120 different texts, of which the 50 that models tell apart are "},
    {{"numbers that tell the label by how far out they are are found",
      {200, put_far_out, LEAK},
      {200, put_far_out, LEAK},
      "",
      "single_feature(accuracy) <= 0.8",
      MLG_FAIL,
      NULL,
      ", in ten bins",
      NULL},
     NULL},
    {{"numbers that are codes are found",
      {200, put_coded, LEAK},
      {200, put_coded, LEAK},
      "",
      "single_feature(accuracy) <= 0.8",
      MLG_FAIL,
      NULL,
      "column 'leak': 1, each value by itself",
      NULL},
     NULL},
    {{"sources of few different rows are told apart",
      {400, put_few_different, "label,prediction,site,sex\n"},
      {400, put_few_different_train, "label,prediction,site,sex\n"},
      "",
      "domain_auc <= 0.6",
      MLG_FAIL,
      NULL,
      "column 'site': 0.",
      NULL},
     NULL},
    {{"numbers that are spread wider in train are told apart",
      {200, put_narrow, PLAIN},
      {200, put_wide, PLAIN},
      "",
      "domain_auc <= 0.6",
      MLG_FAIL,
      NULL,
      "column 'x': 0.",
      NULL},
     NULL},
    {{"dates that are later than those of train are told apart",
      {200, put_march, PLAIN},
      {200, put_january, PLAIN},
      "",
      "domain_auc <= 0.9",
      MLG_FAIL,
      NULL,
      "column 'x': 1 alone",
      NULL},
     NULL},
    {{"one positive answer is no interval of a precision's gain",
      {200, put_one_positive, "label,prediction,x,leak\n"},
      {200, put_one_positive, "label,prediction,x,leak\n"},
      ", positive: 1",
      "gain_over_simple(precision) >= -0.5",
      MLG_INCONCLUSIVE,
      "one row alone has no interval",
      NULL,
      NULL},
     NULL},
    {{"a constant answer to other labels is none",
      {200, put_words, PLAIN},
      {200, put_noise, PLAIN},
      "",
      "gain_over_dummy(accuracy) >= 0",
      MLG_VERDICT_ERROR,
      "the labels are not those of one task",
      NULL,
      NULL},
     NULL},
    {{"a weighted mean loss has a gain",
      {200, put_weighted, "label,prediction,x,w\n"},
      {200, put_weighted, "label,prediction,x,w\n"},
      ", weight: w",
      "gain_over_dummy(mae) >= 0.1",
      MLG_PASS,
      NULL,
      NULL,
      NULL},
     NULL},
    {{"ten clusters of one label each say little of an order",
      {200, put_clustered, "label,prediction,x,c\n"},
      {0, NULL, NULL},
      ", cluster: c",
      "id_leak <= 0.3",
      MLG_INCONCLUSIVE,
      NULL,
      NULL,
      NULL},
     NULL},
    {{"clusters that are in one source alone are no shift",
      {200, put_clustered, "label,prediction,x,c\n"},
      {200, put_other_clusters, "label,prediction,x,c\n"},
      ", cluster: c",
      "domain_auc <= 0.6",
      MLG_INCONCLUSIVE,
      NULL,
      NULL,
      NULL},
     NULL},
    {{"weights do not count in what tells the order of rows",
      {200, put_weighted, "label,prediction,x,w\n"},
      {0, NULL, NULL},
      ", weight: w",
      "id_leak <= 0.3",
      MLG_PASS,
      NULL,
      NULL,
      NULL},
     "weights are not used: every row counts once"},
    {{"the digits of ids count",
      {200, put_row_ids, "label,prediction,x,key\n"},
      {0, NULL, NULL},
      ", id: key",
      "id_leak <= 0.3",
      MLG_FAIL,
      NULL,
      "id 'key': 1",
      NULL},
     NULL},
    {{"one id that is no number is left out, and told",
      {200, put_one_odd_id, "label,prediction,x,key\n"},
      {0, NULL, NULL},
      ", id: key",
      "id_leak <= 0.3",
      MLG_FAIL,
      NULL,
      "id 'key': 1",
      NULL},
     "1 of 200 ids in 'key' were left out, as 'x"},
    {{"ids that are no numbers are told",
      {200, put_names, "label,prediction,x,key\n"},
      {0, NULL, NULL},
      ", id: key",
      "id_leak <= 0.3",
      MLG_PASS,
      NULL,
      NULL,
      NULL},
     "the ids in 'key' are no numbers"},
    {{"a column that is 1 - score is no column of the model",
      {200, put_answers, "label,prediction,x,proba0\n"},
      {200, put_more_answers, "label,prediction,x,proba0\n"},
      ", score: prediction",
      "single_feature(roc_auc) <= 0.9",
      MLG_PASS,
      NULL,
      "column 'x': 0.",
      NULL},
     "column 'proba0' is 1 - 'prediction' on every row, and was left out"},
    {{"a column of two values that is the prediction stays, and is told",
      {200, put_decided, "label,prediction,x,answer\n"},
      {200, put_decided, "label,prediction,x,answer\n"},
      "",
      "single_feature(accuracy) <= 0.6",
      MLG_FAIL,
      NULL,
      "column 'answer': 0.",
      NULL},
     "column 'answer' is the prediction on every row: if it is an answer of the model"},
};

static void remarks_are_told(void **state)
{
    const struct remark *remark = *state;
    judge_edge(&remark->edge, remark->note);
}

/* ---- very many rows -------------------------------------------------------------------------------- */

static void judge_many(struct suite_run *run, const char *train, const char *test, unsigned threads)
{
    suite_run_begin(run);
    run->threads = threads;
    world_memory_text(&run->world, "test.csv", test);
    world_memory_text(&run->world, "train.csv", train);
    suite_run_judge(run, "version: 1\ndata:\n  test: {path: test.csv, label: label, prediction: prediction}\n"
                         "  train: {path: train.csv, label: label, prediction: prediction}\n"
                         "gates: [{gate: overfit, data: test, train: train, checks: [domain_auc <= 0.6, "
                         "gain_over_simple(accuracy) >= 0, gain_over_simple(balanced_accuracy) >= 0, "
                         "single_feature(accuracy) <= 0.9]}]\n");
}

static char *many_lines(int rows)
{
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    mlg_put(&text, PLAIN);
    for (int row = 0; row < rows; row++)
        put_other_noise(&text, row);
    char *lines = strdup(text.data);
    assert_non_null(lines);
    mlg_builder_free(&text);
    return lines;
}

/* Which of them does not depend on their order, nor on the threads. */
static void of_very_many_rows_some_are_drawn(void **state)
{
    static const struct {
        const char *check, *note;
    } notes[] = {
        {"domain_auc <= 0.6",
         "measured on 100,000 of 1,000,001 train rows and all 900 held-out rows, drawn by what they hold"},
        {"gain_over_simple(accuracy) >= 0",
         "simple models are fitted to 1,000,000 of 1,000,001 train rows, drawn by what they hold"},
        {"single_feature(accuracy) <= 0.9",
         "simple models are fitted to 1,000,000 of 1,000,001 train rows, drawn by what they hold"},
    };
    static struct suite_run run;
    char *train = many_lines(1000001), *test = many_lines(900);
    char *other_train = reversed(train), *other_test = reversed(test);
    (void)state;
    judge_many(&run, train, test, 1);
    for (size_t i = 0; i < COUNT(notes); i++) {
        const struct mlg_check_result *check = suite_run_find(&run, notes[i].check);
        bool told = false;
        assert_non_null(check);
        for (size_t n = 0; n < check->note_count; n++)
            told = told || strcmp(check->notes[n], notes[i].note) == 0;
        if (!told)
            fail_msg("%s: %s", notes[i].check, check->note_count ? check->notes[0] : "no note");
    }
    char *one = suite_run_text(&run);
    suite_run_end(&run);
    judge_many(&run, other_train, other_test, 3);
    char *other = suite_run_text(&run);
    suite_run_end(&run);
    char *threads = strstr(other, "\"threads\": 3");
    assert_non_null(threads);
    threads[strlen("\"threads\": ")] = '1';
    assert_string_equal(one, other);
    free(one), free(other), free(train), free(test), free(other_train), free(other_test);
}

/* ---- chance ---------------------------------------------------------------------------------------- */

static int split;

static void put_split(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%d,%d,%d\n", row % 2, right(row), scrambled(split * 1000 + row, 1000003));
}

static void put_split_train(struct mlg_builder *out, int row)
{
    put_split(out, row + 500);
}

/* 5 % of them, and three standard errors of that. */
static void random_splits_are_seldom_told_apart(void **state)
{
    enum { SPLITS = 300, MOST = 26 };
    const struct made test = {60, put_split, PLAIN}, train = {60, put_split_train, PLAIN};
    int above = 0, below = 0;
    (void)state;
    for (split = 0; split < SPLITS; split++) {
        static struct suite_run run;
        suite_run_begin(&run);
        put_table(&run, "test.csv", &test);
        put_table(&run, "train.csv", &train);
        suite_run_judge(&run,
                        "version: 1\ndata:\n  test: {path: test.csv, label: label, prediction: prediction}\n"
                        "  train: {path: train.csv, label: label, prediction: prediction}\n"
                        "gates: [{gate: overfit, data: test, train: train, checks: [domain_auc]}]\n");
        const struct mlg_check_result *check = suite_run_find(&run, "domain_auc");
        assert_true(check && check->lower.known && check->upper.known);
        above += check->lower.value > 0.5;
        below += check->upper.value < 0.5;
        suite_run_end(&run);
    }
    if (above > MOST || below > MOST)
        fail_msg("%d are proven to be told apart, %d to be less than not", above, below);
}

/* ---- bounds ---------------------------------------------------------------------------------------- */

/* 40 rows of which the model alone has 16 right and the constant answer alone 2. */
static void put_sixteen_and_two(struct mlg_builder *out, int row)
{
    const int label = row % 2;
    mlg_put_format(out, "%d,%d\n", label, label ? row / 2 < 16 : row / 2 < 2);
}

static void put_seldom(struct mlg_builder *out, int row)
{
    mlg_put_format(out, "%d,%d\n", row == 0, row == 0);
}

/* scipy: Tango's score, set back by half a row, where it is 1.6449; the mean of differences of squared errors
 * with Student's t, Hall's quantile of their skewness and the caution of interval.h. */
static void gains_are_bounded_with_care(void **state)
{
    static const struct {
        const char *check;
        struct made train, test;
        const char *train_rows, *test_rows;
        double lower, upper;
    } rows[] = {
        {"gain_over_dummy(accuracy)",
         {9, put_seldom, "y,p\n"},
         {40, put_sixteen_and_two, "y,p\n"},
         NULL,
         NULL,
         0.17978333509959807,
         0.5064792285072433},
        {"gain_over_dummy(mse)",
         {0},
         {0},
         "y,p\n1,1\n-1,-1\n2,2\n-2,-2\n",
         "y,p\n1,1\n-1,-1\n2,1\n-2,-1\n1,1\n-1,-1\n1,0\n-1,-1\n6,5\n0,1\n",
         -3.8344379883920254,
         273.3253818073678},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        static struct suite_run run;
        char yaml[512];
        suite_run_begin(&run);
        if (rows[i].test_rows) {
            world_memory_text(&run.world, "train.csv", rows[i].train_rows);
            world_memory_text(&run.world, "test.csv", rows[i].test_rows);
        } else {
            put_table(&run, "train.csv", &rows[i].train);
            put_table(&run, "test.csv", &rows[i].test);
        }
        snprintf(yaml, sizeof yaml,
                 "version: 1\ndata:\n  test: {path: test.csv, label: y, prediction: p}\n"
                 "  train: {path: train.csv, label: y, prediction: p}\n"
                 "gates: [{gate: overfit, data: test, train: train, checks: [%s]}]\n",
                 rows[i].check);
        suite_run_judge(&run, yaml);
        const struct mlg_check_result *check = suite_run_find(&run, rows[i].check);
        assert_true(check && check->lower.known && check->upper.known);
        if (!(fabs(check->lower.value - rows[i].lower) <= 1e-9) ||
            !(fabs(check->upper.value / rows[i].upper - 1) <= 1e-9))
            fail_msg("%s: %.17g to %.17g", rows[i].check, check->lower.value, check->upper.value);
        suite_run_end(&run);
    }
}

/* ---- mistakes -------------------------------------------------------------------------------------- */

static void what_has_no_gain_is_refused(void **state)
{
    static const struct {
        const char *check, *expected;
    } mistakes[] = {
        {"gain_over_dummy(rows) >= 0",
         "'rows' counts rows, whoever answers them; gain_over_dummy takes a metric such as accuracy"},
        {"gain_over_simple(selection_rate) >= 0", "of 'selection_rate' neither more nor less is better; "
                                                  "gain_over_simple takes a metric of which one is, such as "
                                                  "accuracy, roc_auc or rmse"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(mistakes); i++) {
        struct mlg_arena arena;
        struct mlg_check check;
        struct mlg_call call;
        struct mlg_error error;
        mlg_arena_init(&arena, 0);
        assert_int_equal(
            mlg_check_parse(mistakes[i].check, strlen(mistakes[i].check), &arena, &check, &error), MLG_OK);
        assert_int_not_equal(mlg_overfit_resolve(&check, &arena, &call, &error), MLG_OK);
        assert_string_equal(error.text, mistakes[i].expected);
        mlg_arena_free(&arena);
    }
}

int main(void)
{
    struct CMUnitTest tests[COUNT(edges) + COUNT(remarks) + 6];
    const struct CMUnitTest others[] = {
        cmocka_unit_test(values_are_those_of_scikit_learn),
        cmocka_unit_test(the_order_of_rows_leaves_no_trace),
        cmocka_unit_test(of_very_many_rows_some_are_drawn),
        cmocka_unit_test(random_splits_are_seldom_told_apart),
        cmocka_unit_test(gains_are_bounded_with_care),
        cmocka_unit_test(what_has_no_gain_is_refused),
    };
    size_t count = COUNT(others);
    memcpy(tests, others, sizeof others);
    NAMED_ROWS(tests, count, edges, edges_are_what_they_say);
    NAMED_ROWS(tests, count, remarks, remarks_are_told);
    return _cmocka_run_group_tests("overfit_gain", tests, count, NULL, NULL);
}
