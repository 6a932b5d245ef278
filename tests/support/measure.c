#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "measure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/number.h"

void measure_begin(struct measure *measure, const struct mlg_data *data)
{
    *measure = (struct measure){.data = data};
    mlg_arena_init(&measure->arena, 0);
    world_memory_init(&measure->world);
}

int measure_resolve(struct measure *measure, const char *text)
{
    struct mlg_check check;
    measure->error = (struct mlg_error){0};
    int code = mlg_check_parse(text, strlen(text), &measure->arena, &check, &measure->error);
    return code ? code : mlg_call_resolve(&check, &measure->arena, &measure->call, &measure->error);
}

/* Plans the call and runs the pass. */
static int scan_source(struct measure *measure, const struct mlg_data *data, struct mlg_call *call,
                       size_t *slicing, struct mlg_scan **scan)
{
    struct mlg_error *error = &measure->error;
    struct mlg_arena *arena = &measure->arena;
    const struct mlg_world *world = &measure->world.world;
    const struct mlg_reader_options options = {.path = data->path, .decimal = '.'};
    struct mlg_reader *reader = NULL;
    int code = mlg_reader_open(world, arena, &options, &reader, error);
    if (code)
        return code;
    struct mlg_plan *plan = mlg_plan_new(data, reader, arena, error);
    code = plan ? mlg_call_plan(call, plan, error) : (int)error->code;
    if (code == MLG_OK && slicing && measure->slice_column) {
        struct mlg_slicing *wanted = MLG_NEW(arena, struct mlg_slicing);
        *wanted = (struct mlg_slicing){
            .written = measure->slice_column, .columns = {measure->slice_column}, .column_count = 1};
        *slicing = (size_t)mlg_plan_slicing(plan, wanted, error);
    }
    if (code == MLG_OK)
        code = mlg_scan_run(plan, reader, world, 1, arena, scan, error);
    mlg_reader_close(reader);
    return code;
}

int measure_check(struct measure *measure, const char *text)
{
    size_t slicing = 0;
    mlg_scan_free(measure->scan);
    measure->scan = measure->aligned = NULL;
    int code = measure_resolve(measure, text);
    if (code)
        return code;
    code = scan_source(measure, measure->data, &measure->call, &slicing, &measure->scan);
    if (code == MLG_OK && measure->baseline) {
        const struct mlg_call call = measure->call;
        struct mlg_scan *baseline = NULL;
        code = measure_resolve(measure, text);
        if (code == MLG_OK)
            code = scan_source(measure, measure->baseline, &measure->call, NULL, &baseline);
        if (code == MLG_OK)
            code =
                mlg_scan_align(measure->scan, baseline, &measure->arena, &measure->aligned, &measure->error);
        mlg_scan_free(baseline);
        measure->call = call;
    }
    if (code)
        return code;
    measure->view = (struct mlg_view){.scan = measure->scan,
                                      .baseline = measure->aligned,
                                      .slicing = slicing,
                                      .slice = slicing ? measure->slice : 0,
                                      .scratch = &measure->arena};
    return mlg_call_evaluate(&measure->call, &measure->view, &measure->evidence, &measure->error);
}

void measure_end(struct measure *measure)
{
    mlg_scan_free(measure->scan);
    world_memory_free(&measure->world);
    mlg_arena_free(&measure->arena);
}

/* ---- numbers of tests/oracles/metrics.py ---------------------------------------------------------- */

static const struct {
    const char *name, *path;
    struct mlg_data data;
    const char *baseline;
} tables[] = {
    {"binary",
     "fairlearn71.csv",
     {.label = "y_t", .prediction = "y_p", .score.column = "y_score", .weight = "s_w"},
     NULL},
    {"multiclass",
     "multiclass.csv",
     {.label = "label", .prediction = "prediction", .score_prefix = "p_", .weight = "weight"},
     "baseline"},
    {"regression",
     "regression.csv",
     {.label = "label", .prediction = "prediction", .weight = "weight"},
     "baseline"},
    {"far", "regression.csv", {.label = "far", .prediction = "far_prediction", .weight = "weight"}, NULL},
};

static bool is_wanted(const char *check, const char *const *metrics)
{
    const char *name = strncmp(check, "delta(", 6) == 0             ? check + 6
                       : strncmp(check, "constant_score(", 15) == 0 ? check + 15
                                                                    : check;
    const size_t size = strcspn(name, "(,)");
    for (; *metrics; metrics++)
        if (strlen(*metrics) == size && strncmp(*metrics, name, size) == 0)
            return true;
    return false;
}

size_t measure_expected_read(const char *directory, const char *const *metrics,
                             struct measure_expected **rows)
{
    char path[4096], line[512], value[MEASURE_TEXT], error[MEASURE_TEXT];
    size_t count = 0, capacity = 0;
    snprintf(path, sizeof path, "%s/metrics_expected.csv", directory);
    FILE *file = fopen(path, "r");
    if (!file) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    *rows = NULL;
    while (fgets(line, sizeof line, file)) {
        struct measure_expected row = {.directory = directory};
        error[0] = '\0';
        const int fields = sscanf(line, "%63[^;];%63[^;];%63[^;];%63[^;\n];%63[^;\n]", row.data, row.roles,
                                  row.check, value, error);
        if (fields < 4 || !mlg_number_parse(value, strlen(value), &row.value) ||
            !is_wanted(row.check, metrics))
            continue;
        row.has_error = mlg_number_parse(error, strlen(error), &row.standard_error);
        snprintf(row.name, sizeof row.name, "%.40s on the %s table, %s, is scikit-learn's", row.check,
                 row.data, row.roles);
        if (count == capacity) {
            capacity = capacity ? 2 * capacity : 64;
            *rows = realloc(*rows, capacity * sizeof **rows);
            if (!*rows)
                exit(1);
        }
        (*rows)[count++] = row;
    }
    fclose(file);
    return count;
}

static void assert_close(const char *what, double got, double expected, double tolerance)
{
    if (!(fabs(got - expected) <= tolerance * fabs(expected) + 1e-15))
        fail_msg("%s is %.17g, expected %.17g, off by %.2g", what, got, expected,
                 fabs(got - expected) / fabs(expected));
}

void measure_expected_test(void **state)
{
    const struct measure_expected *row = *state;
    struct measure measure;
    char real[4096];
    size_t table = 0;
    while (strcmp(tables[table].name, row->data) != 0)
        assert_true(++table < sizeof tables / sizeof *tables);
    struct mlg_data data = tables[table].data, baseline;
    data.name = row->data;
    data.path = tables[table].path;
    data.threshold = 0.5;
    data.id = "id";
    if (!strstr(row->roles, "weighted"))
        data.weight = NULL;
    if (strstr(row->roles, "clustered"))
        data.cluster = "cluster";
    baseline = data;
    baseline.name = "baseline";
    baseline.prediction = tables[table].baseline;
    measure_begin(&measure, &data);
    if (strncmp(row->check, "delta", 5) == 0)
        measure.baseline = &baseline;
    snprintf(real, sizeof real, "%s/%s", row->directory, data.path);
    assert_true(world_memory_load(&measure.world, data.path, real));
    if (measure_check(&measure, row->check) != MLG_OK)
        fail_msg("%s", measure.error.text);
    const struct mlg_evidence *evidence = &measure.evidence;
    assert_string_equal(evidence->reason, "");
    assert_close("the value", evidence->value, row->value, 1e-12);
    if (row->has_error) {
        assert_true(evidence->kind == MLG_NORMAL || evidence->kind == MLG_BOUNDS);
        assert_close("the standard error", evidence->standard_error, row->standard_error, 1e-6);
    }
    measure_end(&measure);
}
