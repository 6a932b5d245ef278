/* Disparities of whole runs of the fairness gate against the numbers of tests/oracles/fairness.py: fairlearn,
 * AIF360, Aequitas, scipy, and published formulas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/number.h"
#include "named_rows.h"
#include "suite_run.h"

#define DIRECTORY MLG_SOURCE_DIR "/tests/oracles"

static const struct table {
    const char *name, *path, *roles, *weight, *gate;
} tables[] = {
    {"groups", "groups.csv", "label: label, prediction: prediction, score: score", "weight",
     "attributes: [g2, g3, g4, g5, g6, g7, g8, g9, g10, g11, g12, g2*g3, g3*g4]"},
    {"kinds", "groups.csv", "label: kind, prediction: kind_prediction", "weight", "attributes: [g7, g2*g3]"},
    {"chosen", "groups.csv", "label: kind, prediction: kind_prediction", "weight",
     "attributes: [g7, g2*g3], favourable: [birch, dogwood]"},
    {"numbers", "groups.csv", "label: number, prediction: number_prediction", "weight",
     "attributes: [g7, g2*g3]"},
    {"fairlearn71", "fairlearn71.csv", "label: y_t, prediction: y_p, score: y_score", "s_w",
     "attributes: [g_1, g_2, g_3, g_4, g_1*g_2]"},
};

enum { FIELD = 128, ROLES = 16 };

/* All that is asked of one table with its roles: one run, at the first of its tests. */
struct batch {
    const struct table *table;
    char roles[ROLES];
    struct row *rows;
    size_t count;
    bool is_run;
    struct suite_run run;
};

struct row {
    struct batch *batch;
    char check[FIELD], whose[FIELD], name[4 * FIELD];
    double value;
};

/* ---- the file ----------------------------------------------------------------------------------- */

static const struct table *find_table(const char *name)
{
    for (size_t i = 0; i < COUNT(tables); i++)
        if (strcmp(tables[i].name, name) == 0)
            return &tables[i];
    fprintf(stderr, "fairness_expected.csv has a table '%s', which is not known here\n", name);
    exit(1);
}

/* Rows of one batch stand together. */
static size_t read_rows_of_file(struct row *rows, size_t most, struct batch *batches, size_t *batch_count)
{
    char line[1024], table[FIELD], roles[ROLES], value[FIELD];
    size_t count = 0;
    FILE *file = fopen(DIRECTORY "/fairness_expected.csv", "r");
    while (file && count < most && fgets(line, sizeof line, file)) {
        struct row *row = &rows[count];
        if (sscanf(line, "%127[^;];%15[^;];%127[^;];%127[^;];%127[^;\n]", table, roles, row->check, value,
                   row->whose) != 5 ||
            !mlg_number_parse(value, strlen(value), &row->value))
            continue;
        struct batch *batch = *batch_count ? &batches[*batch_count - 1] : NULL;
        if (!batch || strcmp(batch->table->name, table) != 0 || strcmp(batch->roles, roles) != 0) {
            batch = &batches[(*batch_count)++];
            *batch = (struct batch){.table = find_table(table), .rows = row};
            snprintf(batch->roles, sizeof batch->roles, "%s", roles);
        }
        batch->count++;
        row->batch = batch;
        snprintf(row->name, sizeof row->name, "%s on the table '%s', %s, is that of %s", row->check, table,
                 roles, row->whose);
        count++;
    }
    if (file)
        fclose(file);
    return count;
}

/* ---- the run ------------------------------------------------------------------------------------ */

static bool is_asked_before(const struct batch *batch, size_t row)
{
    for (size_t i = 0; i < row; i++)
        if (strcmp(batch->rows[i].check, batch->rows[row].check) == 0)
            return true;
    return false;
}

static void run(struct batch *batch)
{
    enum { CHECKS_OF_A_GATE = 500 };
    const struct table *table = batch->table;
    const bool weighted = strcmp(batch->roles, "weighted") == 0;
    struct mlg_builder yaml;
    size_t checks = 0;
    mlg_builder_init(&yaml, 0);
    mlg_put_format(&yaml, "version: 1\ndata:\n  t: {path: %s, %s%s%s}\ngates:\n", table->path, table->roles,
                   weighted ? ", weight: " : "", weighted ? table->weight : "");
    for (size_t i = 0; i < batch->count; i++) {
        if (is_asked_before(batch, i))
            continue;
        if (checks % CHECKS_OF_A_GATE == 0)
            mlg_put_format(&yaml, "%s  - {gate: fairness, name: g%zu, %s, checks: [", checks ? "]}\n" : "",
                           checks / CHECKS_OF_A_GATE, table->gate);
        mlg_put_format(&yaml, "%s'%s'", checks % CHECKS_OF_A_GATE ? ", " : "", batch->rows[i].check);
        checks++;
    }
    mlg_put(&yaml, "]}\n");
    assert_false(yaml.failed);
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", DIRECTORY, table->path);
    suite_run_begin(&batch->run);
    batch->is_run = true;
    assert_true(world_memory_load(&batch->run.world, table->path, path));
    suite_run_judge(&batch->run, yaml.data);
    mlg_builder_free(&yaml);
}

static void test_row(void **state)
{
    const struct row *row = *state;
    char id[FIELD + 4];
    if (!row->batch->is_run)
        run(row->batch);
    snprintf(id, sizeof id, " / %s", row->check);
    const struct mlg_check_result *found = suite_run_find(&row->batch->run, id);
    if (!found)
        fail_msg("'%s' was not measured", row->check);
    if (!found->estimate.known)
        fail_msg("it has no estimate: %s", found->reason);
    const double got = found->estimate.value, off = fabs(got - row->value);
    if (!(off <= 1e-12 * fabs(row->value) + 1e-15))
        fail_msg("it is %.17g, expected %.17g, off by %.2g", got, row->value, off / fabs(row->value));
    if (found->lower.known)
        assert_true(found->lower.value <= got);
    if (found->upper.known)
        assert_true(found->upper.value >= got);
}

int main(void)
{
    enum { MOST = 8000, BATCHES = 32, LEAST = 3000 };
    struct row *rows = calloc(MOST, sizeof *rows);
    struct CMUnitTest *tests = calloc(MOST, sizeof *tests);
    struct batch *batches = calloc(BATCHES, sizeof *batches);
    size_t batch_count = 0, count = 0;
    if (!rows || !tests || !batches)
        return 1;
    const size_t row_count = read_rows_of_file(rows, MOST, batches, &batch_count);
    if (row_count < LEAST) {
        fprintf(stderr, "%s/fairness_expected.csv cannot be read, or is cut\n", DIRECTORY);
        return 1;
    }
    NAMED_ROWS_READ(tests, count, rows, row_count, test_row);
    int failed = _cmocka_run_group_tests("disparities and their oracles", tests, count, NULL, NULL);
    for (size_t i = 0; i < batch_count; i++)
        if (batches[i].is_run)
            suite_run_end(&batches[i].run);
    free(batches);
    free(tests);
    free(rows);
    return failed;
}
