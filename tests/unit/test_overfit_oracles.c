/* Gaps of whole runs of the overfit gate against the numbers of tests/oracles/gaps.py, and their bounds
 * against those that the accuracy gate has for the same rows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/contrast.h"
#include "mlgate/number.h"
#include "suite_run.h"

#define DIRECTORY MLG_SOURCE_DIR "/tests/oracles"
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct task {
    const char *name, *roles;
} tasks[] = {
    {"binary", "label: label, prediction: prediction, score: score"},
    {"classes", "label: label, prediction: prediction, score_prefix: p_"},
    {"numbers", "label: label, prediction: prediction"},
    {"queries", "label: label, score: score, query: query"},
};
enum { TASKS = COUNT(tasks), ROLES = 4, FIELD = 96 };

static const char *const roles_names[ROLES] = {"plain", "weighted", "clustered", "clustered weighted"};

struct row {
    struct batch *batch;
    char slice[FIELD], check[FIELD], name[4 * FIELD];
    double value, lower, upper; /* bounds NaN: not those of the file */
};

/* All that is asked of one task with its roles: one run, at the first of its tests. */
struct batch {
    const struct task *task;
    bool weighted, clustered, is_run;
    const struct row *rows; /* of all batches */
    size_t count;
    struct suite_run run;
};

/* ---- the file ----------------------------------------------------------------------------------- */

static double number_of(const char *text)
{
    double number;
    return text && mlg_number_parse(text, strlen(text), &number) ? number : (double)NAN;
}

static size_t task_of(const char *name)
{
    for (size_t i = 0; i < TASKS; i++)
        if (strcmp(tasks[i].name, name) == 0)
            return i;
    return TASKS;
}

/* Each row twice: clusters change no value. */
static size_t read_rows_of_file(struct row *rows, size_t most, struct batch batches[TASKS][ROLES])
{
    enum { FIELDS = 7 };
    char line[512];
    size_t count = 0;
    FILE *file = fopen(DIRECTORY "/gaps_expected.csv", "r");
    while (file && count + 2 <= most && fgets(line, sizeof line, file)) {
        const char *fields[FIELDS];
        char *at = line;
        line[strcspn(line, "\n")] = '\0';
        for (size_t i = 0; i < FIELDS; i++)
            fields[i] = at ? strsep(&at, ";") : "";
        const size_t task = task_of(fields[0]);
        if (task == TASKS)
            continue;
        for (size_t clustered = 0; clustered < 2; clustered++) {
            struct row *row = &rows[count++];
            const bool weighted = strcmp(fields[1], "weighted") == 0;
            struct batch *batch = &batches[task][2 * clustered + weighted];
            *batch = (struct batch){.task = &tasks[task], .weighted = weighted, .clustered = clustered};
            *row = (struct row){.batch = batch,
                                .value = number_of(fields[4]),
                                .lower = number_of(fields[5]),
                                .upper = number_of(fields[6])};
            snprintf(row->slice, sizeof row->slice, "%.90s", fields[2]);
            snprintf(row->check, sizeof row->check, "%.90s", fields[3]);
            snprintf(row->name, sizeof row->name, "%.60s of %s, %s%s%s, is the oracle's", row->check,
                     fields[0], roles_names[2 * clustered + weighted], *row->slice ? ", site " : "",
                     row->slice);
        }
    }
    if (file)
        fclose(file);
    return count;
}

/* ---- the run ------------------------------------------------------------------------------------ */

static bool is_of_folds(const struct row *row)
{
    return strncmp(row->check, "fold_", 5) == 0;
}

/* "f1(average=macro)" of "gap(f1, average=macro)". */
static void metric_of(const struct row *row, char metric[FIELD])
{
    const char *inner = strchr(row->check, '(') + 1, *rest = strchr(inner, ',');
    if (rest)
        snprintf(metric, FIELD, "%.*s(%s", (int)(rest - inner), inner, rest + 2);
    else
        snprintf(metric, FIELD, "%.*s", (int)strlen(inner) - 1, inner);
}

/* The checks of the batch, those of all rows: those of slices come with them. */
static void put_checks(const struct batch *batch, const char *quantity, struct mlg_builder *yaml)
{
    bool first = true;
    for (size_t i = 0; i < batch->count; i++) {
        const struct row *row = &batch->rows[i];
        const size_t length = strcspn(row->check, "(");
        char metric[FIELD];
        if (row->batch != batch || *row->slice ||
            (*quantity ? strncmp(quantity, row->check, length) != 0 : strncmp(row->check, "gap(", 4) != 0))
            continue;
        metric_of(row, metric);
        mlg_put_format(yaml, "%s'%s'", first ? "" : ", ", *quantity ? row->check : metric);
        first = false;
    }
}

static bool is_asked(const struct batch *batch, const char *quantity)
{
    const size_t length = strlen(quantity);
    for (size_t i = 0; i < batch->count; i++)
        if (batch->rows[i].batch == batch && strncmp(batch->rows[i].check, quantity, length) == 0 &&
            batch->rows[i].check[length] == '(')
            return true;
    return false;
}

static void run(struct batch *batch)
{
    static const char *const parts[] = {"train", "held_out"};
    static const char *const quantities[] = {"gap", "relative_gap", "fold_gap", "fold_spread", "fold_worst"};
    struct mlg_builder yaml;
    mlg_builder_init(&yaml, 0);
    suite_run_begin(&batch->run);
    batch->is_run = true;
    mlg_put(&yaml, "version: 1\ndata:\n");
    for (size_t i = 0; i < 2; i++) {
        char path[4096], file[FIELD];
        snprintf(file, sizeof file, "gap_%s_%s.csv", batch->task->name, parts[i]);
        snprintf(path, sizeof path, "%s/%s", DIRECTORY, file);
        assert_true(world_memory_load(&batch->run.world, file, path));
        mlg_put_format(&yaml, "  %s: {path: %s, %s, fold: fold%s%s}\n", parts[i], file, batch->task->roles,
                       batch->weighted ? ", weight: weight" : "",
                       batch->clustered ? ", cluster: cluster" : "");
    }
    mlg_put(&yaml, "gates:\n");
    for (size_t i = 0; i < 2; i++) {
        mlg_put_format(&yaml, "  - {gate: accuracy, name: of_%s, data: %s, slices: [site], checks: [",
                       parts[i], parts[i]);
        put_checks(batch, "", &yaml);
        mlg_put(&yaml, "]}\n");
    }
    for (size_t q = 0; q < COUNT(quantities); q++) {
        if (!is_asked(batch, quantities[q]))
            continue;
        mlg_put_format(
            &yaml, "  - {gate: overfit, name: of_%s, data: held_out, train: train, slices: [site], checks: [",
            quantities[q]);
        put_checks(batch, quantities[q], &yaml);
        mlg_put(&yaml, "]}\n");
    }
    for (size_t q = 0; q < 2; q++) {
        mlg_put_format(
            &yaml,
            "  - {gate: overfit, name: samples_of_%s, data: held_out, train: train, train_is_sample: true, "
            "slices: [site], checks: [",
            quantities[q]);
        put_checks(batch, quantities[q], &yaml);
        mlg_put(&yaml, "]}\n");
    }
    assert_false(yaml.failed);
    suite_run_judge(&batch->run, yaml.data);
    mlg_builder_free(&yaml);
}

static const struct mlg_check_result *find(const struct row *row, const char *gate, const char *check)
{
    char id[4 * FIELD];
    snprintf(id, sizeof id, "%s / %s%s%s", gate, check, *row->slice ? " / site=" : "", row->slice);
    const struct mlg_check_result *found = suite_run_find(&row->batch->run, id);
    if (!found)
        fail_msg("'%s' was not measured", id);
    return found;
}

/* ---- what is expected --------------------------------------------------------------------------- */

static void assert_near(const char *what, double got, double expected)
{
    if (!(fabs(got - expected) <= 1e-12 * fmax(1, fabs(expected))))
        fail_msg("%s is %.17g, expected %.17g, off by %.2g", what, got, expected, fabs(got - expected));
}

/* Bounds of gaps are METRIC's or more careful: how much more is in test_overfit_gap.c. An unbounded side is
 * not told. */
static void assert_at_most(const char *what, const struct mlg_optional *got, double expected)
{
    assert_int_equal(got->known, isfinite(expected));
    if (got->known && !(got->value <= expected + 1e-12 * fmax(1, fabs(expected))))
        fail_msg("%s is %.17g, expected %.17g or less", what, got->value, expected);
}

static void assert_at_least(const char *what, const struct mlg_optional *got, double expected)
{
    assert_int_equal(got->known, isfinite(expected));
    if (got->known && !(got->value >= expected - 1e-12 * fmax(1, fabs(expected))))
        fail_msg("%s is %.17g, expected %.17g or more", what, got->value, expected);
}

static struct mlg_limits limits_of(const struct mlg_check_result *found)
{
    return (struct mlg_limits){found->estimate.value,
                               found->lower.known ? found->lower.value : -(double)INFINITY,
                               found->upper.known ? found->upper.value : (double)INFINITY};
}

/* The train score is a constant. */
static void check_constant_train(const struct mlg_check_result *found, bool more, bool relative, double train,
                                 struct mlg_limits held_out)
{
    const double unit = relative ? fabs(train) : 1;
    assert_at_most("the lower bound", &found->lower,
                   (more ? train - held_out.upper : held_out.lower - train) / unit);
    assert_at_least("the upper bound", &found->upper,
                    (more ? train - held_out.lower : held_out.upper - train) / unit);
}

/* Of two samples: as those of each one's limits, by what they are made from. */
static void check_difference(const struct mlg_check_result *found, bool more, struct mlg_limits train,
                             struct mlg_limits held_out)
{
    const double gap = more ? train.value - held_out.value : held_out.value - train.value;
    const struct mlg_limits above = more ? train : held_out, below = more ? held_out : train;
    assert_at_most("the lower bound", &found->lower,
                   gap - hypot(above.value - above.lower, below.upper - below.value));
    assert_at_least("the upper bound", &found->upper,
                    gap + hypot(above.upper - above.value, below.value - below.lower));
}

/* A bound of the ratio R is where held-out - R train, bounded as a difference, meets 0, or beyond. */
static void check_ratio(double ratio, bool is_lower, struct mlg_limits train, struct mlg_limits held_out)
{
    const struct mlg_limits scaled = {ratio * train.value, ratio * (ratio < 0 ? train.upper : train.lower),
                                      ratio * (ratio < 0 ? train.lower : train.upper)};
    const struct mlg_limits met = mlg_mover_difference(held_out, scaled);
    if (!((is_lower ? -met.lower : met.upper) <= 1e-10 * fmax(1, fabs(held_out.value))))
        fail_msg("a ratio of %.17g is within the bound, off by %.2g", ratio,
                 is_lower ? met.lower : met.upper);
}

static bool text_is(const char *text, const char *other)
{
    return text && strcmp(text, other) == 0;
}

/* What the two samples' limits are, by the method that the gate tells. */
static struct mlg_limits sample_of(const struct mlg_check_result *found, const char *method)
{
    const struct mlg_rate rate = {round(found->estimate.value * (double)found->n), (double)found->n};
    if (!text_is(method, "mover_clopper_pearson"))
        return limits_of(found);
    struct mlg_limits limits = mlg_clopper_pearson(rate, 0.95);
    limits.value = found->estimate.value;
    return limits;
}

static void check_samples(const struct row *row, bool more, bool relative,
                          const struct mlg_check_result *train, const struct mlg_check_result *held_out)
{
    char gate[FIELD];
    snprintf(gate, sizeof gate, "samples_of_%s", relative ? "relative_gap" : "gap");
    const struct mlg_check_result *found = find(row, gate, row->check);
    assert_near("the value of two samples", found->estimate.value, row->value);
    if (!held_out->lower.known && !held_out->upper.known) {
        assert_false(found->lower.known);
        assert_false(found->upper.known);
        return;
    }
    assert_true(text_is(found->method, "mover") || text_is(found->method, "mover_clopper_pearson") ||
                (relative && !(train->estimate.value > 0 && held_out->estimate.value >= 0)));
    const struct mlg_limits one = sample_of(train, found->method), other = sample_of(held_out, found->method);
    if (!relative) {
        check_difference(found, more, one, other);
        return;
    }
    const struct mlg_optional *lower = more ? &found->upper : &found->lower;
    const struct mlg_optional *upper = more ? &found->lower : &found->upper;
    if (lower->known)
        check_ratio(more ? 1 - lower->value : 1 + lower->value, true, one, other);
    if (upper->known)
        check_ratio(more ? 1 - upper->value : 1 + upper->value, false, one, other);
}

static void test_gap(const struct row *row)
{
    const bool relative = strncmp(row->check, "relative", 8) == 0;
    char metric[FIELD];
    metric_of(row, metric);
    const struct mlg_check_result *found = find(row, relative ? "of_relative_gap" : "of_gap", row->check);
    const struct mlg_check_result *train = find(row, "of_train", metric),
                                  *held_out = find(row, "of_held_out", metric);
    if (!found->estimate.known)
        fail_msg("it has no estimate: %s", found->reason);
    assert_near("the value", found->estimate.value, row->value);
    assert_int_equal(found->part_count, 2);
    assert_near("the part train", found->parts[0].value.value, train->estimate.value);
    assert_near("the part held_out", found->parts[1].value.value, held_out->estimate.value);
    /* A gap of exactly 0 says nothing of the direction; none of the tables has one. */
    const bool more = (row->value > 0) == (train->estimate.value > held_out->estimate.value);
    check_constant_train(found, more, relative, train->estimate.value, limits_of(held_out));
    check_samples(row, more, relative, train, held_out);
}

static void test_folds(const struct row *row)
{
    char gate[FIELD];
    snprintf(gate, sizeof gate, "of_%.*s", (int)strcspn(row->check, "("), row->check);
    const struct mlg_check_result *found = find(row, gate, row->check);
    if (!found->estimate.known)
        fail_msg("it has no estimate: %s", found->reason);
    assert_near("the value", found->estimate.value, row->value);
    if (isnan(row->lower)) {
        assert_true(!found->lower.known || found->lower.value <= row->value);
        assert_true(!found->upper.known || found->upper.value >= row->value);
        return;
    }
    assert_string_equal(found->method, "t");
    assert_near("the lower bound", found->lower.value, row->lower);
    assert_near("the upper bound", found->upper.value, row->upper);
}

static void test_row(void **state)
{
    const struct row *row = *state;
    if (!row->batch->is_run)
        run(row->batch);
    is_of_folds(row) ? test_folds(row) : test_gap(row);
}

/* A metric that is added needs its rows in tests/oracles/gaps.py. */
static void every_metric_with_a_direction_has_rows(void **state)
{
    const struct row *rows = *state;
    for (const struct mlg_metric *const *metric = mlg_metrics; *metric; metric++) {
        const size_t size = strlen((*metric)->name);
        bool found = (*metric)->direction == MLG_NO_DIRECTION;
        for (const struct row *row = rows; row->batch && !found; row++)
            found = strncmp(row->check, "gap(", 4) == 0 &&
                    strncmp(row->check + 4, (*metric)->name, size) == 0 && strchr(",)", row->check[4 + size]);
        if (!found)
            fail_msg("gap(%s) has no row", (*metric)->name);
    }
}

int main(void)
{
    enum { MOST = 8000, LEAST = 2000 };
    static struct batch batches[TASKS][ROLES];
    struct row *rows = calloc(MOST + 1, sizeof *rows);
    struct CMUnitTest *tests = calloc(MOST + 1, sizeof *tests);
    if (!rows || !tests)
        return 1;
    const size_t count = read_rows_of_file(rows, MOST, batches);
    if (count < LEAST) {
        fprintf(stderr, "%s/gaps_expected.csv cannot be read, or is cut\n", DIRECTORY);
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        rows[i].batch->rows = rows;
        rows[i].batch->count = count;
        tests[i] = (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, &rows[i]};
    }
    tests[count] = (struct CMUnitTest){"every metric with a direction has rows",
                                       every_metric_with_a_direction_has_rows, NULL, NULL, rows};
    const int failed = _cmocka_run_group_tests("gaps and their oracles", tests, count + 1, NULL, NULL);
    for (size_t t = 0; t < TASKS; t++)
        for (size_t r = 0; r < ROLES; r++)
            if (batches[t][r].is_run)
                suite_run_end(&batches[t][r].run);
    free(tests);
    free(rows);
    return failed;
}
