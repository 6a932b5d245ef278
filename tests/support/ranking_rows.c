#include "ranking_rows.h"

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
#include "mlgate/number.h"

#define DIRECTORY MLG_SOURCE_DIR "/tests/oracles"

static const struct table {
    const char *name, *path;
    struct mlg_data data;
    const char *baseline; /* score column of the baseline */
} tables[] = {
    {"binary", "fairlearn71.csv", {.label = "y_t", .score.column = "y_score", .weight = "s_w"}, NULL},
    {"ranking",
     "ranking.csv",
     {.label = "label", .score.column = "score", .weight = "weight", .positive = "yes"},
     "baseline"},
    {"multiclass", "multiclass.csv", {.label = "label", .score_prefix = "p_", .weight = "weight"}, NULL},
};

static bool is_wanted(const char *check, const char *const *metrics)
{
    const char *name = strncmp(check, "delta(", 6) == 0 ? check + 6 : check;
    const size_t size = strcspn(name, "(,)");
    for (; *metrics; metrics++)
        if (strlen(*metrics) == size && strncmp(*metrics, name, size) == 0)
            return true;
    return false;
}

size_t ranking_rows_read(const char *const *metrics, struct ranking_row *rows, size_t most)
{
    char line[512], value[RANKING_TEXT], error[RANKING_TEXT];
    size_t count = 0;
    FILE *file = fopen(DIRECTORY "/ranking_expected.csv", "r");
    if (!file) {
        fprintf(stderr, DIRECTORY "/ranking_expected.csv cannot be read\n");
        exit(1);
    }
    while (count < most && fgets(line, sizeof line, file)) {
        struct ranking_row *row = &rows[count];
        *row = (struct ranking_row){.has_error = 0};
        error[0] = '\0';
        const int fields = sscanf(line, "%63[^;];%63[^;];%63[^;];%63[^;\n];%63[^;\n]", row->table, row->roles,
                                  row->check, value, error);
        if (fields < 4 || !mlg_number_parse(value, strlen(value), &row->value) ||
            !is_wanted(row->check, metrics))
            continue;
        row->has_error = mlg_number_parse(error, strlen(error), &row->standard_error);
        snprintf(row->name, sizeof row->name, "%s on the %s table, %s, is scikit-learn's", row->check,
                 row->table, row->roles);
        count++;
    }
    fclose(file);
    return count;
}

static double largest;
static const char *largest_check = "";

double ranking_largest_deviation(const char **check)
{
    *check = largest_check;
    return largest;
}

static void assert_close(const char *what, double got, double expected, double tolerance)
{
    if (!(fabs(got - expected) <= tolerance * fabs(expected) + 1e-15))
        fail_msg("%s is %.17g, expected %.17g, off by %.2g", what, got, expected,
                 fabs(got - expected) / fabs(expected));
}

void ranking_row_test(void **state)
{
    const struct ranking_row *row = *state;
    const struct table *table = tables;
    while (strcmp(table->name, row->table) != 0)
        assert_true(++table < tables + sizeof tables / sizeof *tables);
    struct mlg_data data = table->data, baseline;
    data.name = row->table;
    data.path = table->path;
    data.id = "id";
    if (!strstr(row->roles, "weighted"))
        data.weight = NULL;
    if (strstr(row->roles, "clustered"))
        data.cluster = "cluster";
    baseline = data;
    baseline.name = "baseline";
    baseline.score.column = table->baseline;
    struct measure measure;
    measure_begin(&measure, &data);
    if (strncmp(row->check, "delta", 5) == 0)
        measure.baseline = &baseline;
    char path[4096];
    snprintf(path, sizeof path, DIRECTORY "/%s", data.path);
    assert_true(world_memory_load(&measure.world, data.path, path));
    if (measure_check(&measure, row->check) != MLG_OK)
        fail_msg("%s", measure.error.text);
    const struct mlg_evidence *evidence = &measure.evidence;
    assert_string_equal(evidence->reason, "");
    assert_close("the value", evidence->value, row->value, 1e-12);
    const double off = fabs(evidence->value - row->value) / fmax(fabs(row->value), 1e-300);
    if (off > largest) {
        largest = off;
        largest_check = row->name;
    }
    /* DeLong's are from the definition; those by central differences are good to about 1e-8. */
    const bool by_definition = strncmp(row->check, "roc_auc", 7) == 0 && !strstr(row->roles, "clustered");
    double error = evidence->standard_error;
    if (evidence->kind == MLG_LOGIT_SE && evidence->method != MLG_METHOD_LOGIT)
        error *= row->value * (1 - row->value);
    if (row->has_error)
        assert_close("the standard error", error, row->standard_error, by_definition ? 1e-11 : 2e-7);
    measure_end(&measure);
}
