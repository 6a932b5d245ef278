/* measure: one quantity on one table, all the way: reader, plan, scan, evidence. */
#ifndef MEASURE_H
#define MEASURE_H

#include "mlgate/metric.h"
#include "world_memory.h"

struct measure {
    struct mlg_arena arena;
    struct world_memory world;              /* the tables are put here */
    const struct mlg_data *data, *baseline; /* baseline: for delta, else NULL; both read `data->path` */
    const char *slice_column;               /* NULL: all rows */
    size_t slice;                           /* of its values, in order */
    struct mlg_call call;
    struct mlg_scan *scan, *aligned;
    struct mlg_view view;
    struct mlg_evidence evidence;
    struct mlg_error error;
};

void measure_begin(struct measure *measure, const struct mlg_data *data);
/* Resolves, plans, scans and evaluates; fills evidence or error. Returns the code. May be called again. */
int measure_check(struct measure *measure, const char *check);
/* The same as far as it goes without data. */
int measure_resolve(struct measure *measure, const char *check);
void measure_end(struct measure *measure);

/* ---- numbers of tests/oracles/metrics.py ---------------------------------------------------------- */

enum { MEASURE_TEXT = 64 };

struct measure_expected {
    const char *directory; /* tests/oracles */
    char data[MEASURE_TEXT], roles[MEASURE_TEXT], check[MEASURE_TEXT];
    double value, standard_error;
    bool has_error; /* a standard error is expected */
    char name[4 * MEASURE_TEXT];
};

/* Reads the rows whose quantity (or the one within delta and constant_score) is among `metrics`,
 * NULL-terminated. Returns how many; exits the test program with a message where the file cannot be read. */
size_t measure_expected_read(const char *directory, const char *const *metrics,
                             struct measure_expected **rows);
/* A cmocka test: the state is the row. */
void measure_expected_test(void **state);

#endif
