#include "expected_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "mlgate/number.h"

static double number_of(const char *text)
{
    double number;
    return text && mlg_number_parse(text, strlen(text), &number) ? number : (double)NAN;
}

static void parse(char *line, struct expected_row *row)
{
    enum { FIELDS = 7 };
    const char *fields[FIELDS] = {NULL};
    line[strcspn(line, "\n")] = '\0';
    for (size_t i = 0; i < FIELDS && line; i++)
        fields[i] = strsep(&line, ";");
    snprintf(row->data, sizeof row->data, "%s", fields[0]);
    snprintf(row->roles, sizeof row->roles, "%s", fields[1] ? fields[1] : "");
    snprintf(row->check, sizeof row->check, "%s", fields[2] ? fields[2] : "");
    row->value = number_of(fields[3]);
    row->standard_error = number_of(fields[4]);
    row->lower = number_of(fields[5]);
    row->upper = number_of(fields[6]);
    snprintf(row->name, sizeof row->name, "%.60s on the %s table, %s, is the oracle's", row->check, row->data,
             row->roles);
}

size_t expected_rows_read(const char *directory, bool queries, struct expected_row **rows)
{
    enum { MOST = 1000 };
    char line[512], path[4096];
    size_t count = 0;
    snprintf(path, sizeof path, "%s/order_queries_expected.csv", directory);
    FILE *file = fopen(path, "r");
    *rows = calloc(MOST, sizeof **rows);
    while (file && *rows && count < MOST && fgets(line, sizeof line, file)) {
        parse(line, &(*rows)[count]);
        (*rows)[count].directory = directory;
        if (!isnan((*rows)[count].value) && (strcmp((*rows)[count].data, "queries") == 0) == queries)
            count++;
    }
    if (file)
        fclose(file);
    if (count == 0) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    return count;
}

static void assert_close(const char *what, double got, double expected, double tolerance)
{
    if (!(fabs(got - expected) <= tolerance * fabs(expected)))
        fail_msg("%s is %.17g, expected %.17g, off by %.2g", what, got, expected,
                 fabs(got - expected) / fabs(expected));
}

void expected_rows_test(void **state)
{
    const struct expected_row *row = *state;
    const bool weighted = strstr(row->roles, "weighted"), clustered = strstr(row->roles, "clustered");
    const bool queries = strcmp(row->data, "queries") == 0;
    struct measure measure;
    char real[4096];
    const struct mlg_data data = {.name = "test",
                                  .path = "t.csv",
                                  .threshold = 0.5,
                                  .label = "label",
                                  .prediction = queries ? NULL : "prediction",
                                  .score.column = queries ? "score" : NULL,
                                  .query = queries ? "query" : NULL,
                                  .weight = weighted ? "weight" : NULL,
                                  .cluster = clustered ? "cluster" : NULL};
    measure_begin(&measure, &data);
    snprintf(real, sizeof real, "%s/%s.csv", row->directory, row->data);
    assert_true(world_memory_load(&measure.world, data.path, real));
    if (measure_check(&measure, row->check) != MLG_OK)
        fail_msg("%s", measure.error.text);
    const struct mlg_evidence *evidence = &measure.evidence;
    assert_string_equal(evidence->reason, "");
    assert_close("the value", evidence->value, row->value, 1e-12);
    if (!isnan(row->standard_error)) {
        assert_true(evidence->kind == MLG_NORMAL || evidence->kind == MLG_BOUNDS);
        assert_int_equal(evidence->method, clustered  ? MLG_METHOD_CLUSTER
                                           : weighted ? MLG_METHOD_LINEARISED
                                                      : MLG_METHOD_T_HALL);
        assert_close("the standard error", evidence->standard_error, row->standard_error, 1e-6);
    }
    if (!isnan(row->lower)) {
        const struct mlg_bounds bounds = mlg_interval(evidence, 0.95, MLG_METHOD_COUNT, 1);
        assert_true(bounds.known);
        assert_int_equal(bounds.method, MLG_METHOD_ORDER);
        assert_close("the lower bound", bounds.lower, row->lower, 1e-12);
        assert_close("the upper bound", bounds.upper, row->upper, 1e-12);
    }
    if (isnan(row->standard_error) && isnan(row->lower) && !queries) {
        assert_int_equal(evidence->kind, MLG_VALUE_ONLY);
        assert_int_equal(evidence->method, MLG_METHOD_NONE);
        assert_true(evidence->note[0] != '\0');
    }
    measure_end(&measure);
}
