/* spread: what a metric comes to on the outputs of several runs, how far its values lie apart, and whether a
 * suite comes to the same verdicts on them.
 *
 * Always true: values are compared as ratios of counts where they are ones of the same number; what is
 * undefined in one run, or is a group of one run alone, makes the whole undefined with a reason; reasons name
 * runs and outputs, never the place where an output is kept.
 */
#ifndef MLGATE_SPREAD_H
#define MLGATE_SPREAD_H

#include "mlgate/run.h"

/* Values of several runs, described. */
struct mlg_spread {
    size_t count;
    double minimum, maximum, mean;
    double sd;                /* over count - 1; 0 for one value */
    size_t smallest, largest; /* places in the list; of equal ones the first */
    /* One-sided bounds by Student's t at `confidence`: of the mean over all runs that there could be, and of
     * the value of one run more. Infinite for one value. */
    struct mlg_limits all_runs, next_run;
};
struct mlg_spread mlg_spread_of(const double *values, size_t count, double confidence);

/* A metric on one output of several runs. */
struct mlg_spread_order {
    struct mlg_gate_run *run;     /* whose suite, world and threads serve; it is not changed */
    const struct mlg_data *data;  /* the roles of columns; its path is of no matter */
    const struct mlg_call *call;  /* the metric */
    const char *column;           /* of groups; NULL: all rows are measured */
    const char *output;           /* its name, for reasons */
    const char *const *files;     /* [run] where it is kept */
    const char *const *run_names; /* [run] "run 2", "seed 3" */
    size_t count;
    double confidence;
};

struct mlg_spread_found {
    const char *undefined; /* why there is none; NULL: there is */
    double value;          /* largest less smallest; with a column, in the group where that is most */
    uint64_t numerator, denominator; /* the same as a ratio of counts; denominator 0: it is none */
    struct mlg_spread spread;        /* of that group, or of all rows */
    const char *group;               /* "sex=Female"; NULL: all rows */
    uint64_t rows;                   /* of the first run's rows, of the group where there is one */
    double sampling_error;           /* half the width of the first run's bounds; NaN: the metric has none */
};

/* Texts of what is found are in `arena`. An error is one of memory, or of the world's. */
int mlg_spread_measure(const struct mlg_spread_order *order, struct mlg_arena *arena,
                       struct mlg_spread_found *found, struct mlg_error *error);

/* The text with another name for what lies at `path`. Arena text, never NULL. */
const char *mlg_spread_renamed(const char *text, const char *path, const char *name, struct mlg_arena *arena);

/* Verdicts of a suite's gates on other files. */
struct mlg_rejudged {
    const char **ids; /* of the checks, in the order of the suite */
    enum mlg_verdict *verdicts;
    size_t count;
    const char *error; /* the first check that could not be measured, and why; NULL: all were */
};
/* The suite of `run` is judged without the gates of its kind, each data source that `files` names (a source
 * to its path; NULL: where it is) read from there. Only the gates that read one of these, unless all checks
 * are judged together (family); waivers do not count. */
int mlg_rejudge(struct mlg_gate_run *run, const struct mlg_map *files, struct mlg_arena *arena,
                struct mlg_rejudged *rejudged, struct mlg_error *error);
/* Would any gate be judged? */
bool mlg_rejudge_reads(const struct mlg_suite *suite, const struct mlg_gate *kind,
                       const struct mlg_map *files);

#endif
