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

#include "suite_run.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

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
    assert_int_equal(compared, 30);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_of_scikit_learn),
        cmocka_unit_test(the_order_of_rows_leaves_no_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
