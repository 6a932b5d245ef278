/* repro: the table of the repro gate's quantities. */
#include "mlgate/repro.h"

#include <math.h>
#include <string.h>

#define REPRO(name) extern const struct mlg_metric mlg_repro_##name;
#include "repros.def"
#undef REPRO

#define REPRO(name) &mlg_repro_##name,
const struct mlg_metric *const mlg_repros[] = {
#include "repros.def"
    NULL};
#undef REPRO

const struct mlg_param mlg_repro_params[] = {{.name = "file",
                                              MLG_FIELD(struct mlg_metric_arguments, file, text),
                                              .argument = "FILE",
                                              .unset = "it has to be given",
                                              .help = "one of the gate's outputs"},
                                             {0}};

const struct mlg_metric *mlg_repro_find(const char *name)
{
    for (const struct mlg_metric *const *row = mlg_repros; *row; row++)
        if (mlg_metric_is_called(*row, name))
            return *row;
    return NULL;
}

const struct mlg_repro_kernel *mlg_repro_kernel_of(const struct mlg_call *call)
{
    return call->metric->kernel;
}

int mlg_repro_resolve(const struct mlg_check *check, struct mlg_arena *arena, struct mlg_call *call,
                      struct mlg_error *error)
{
    enum { NAMES = 64 };
    const struct mlg_place place = {.column = check->name_offset + 1};
    const struct mlg_metric *metric = mlg_repro_find(check->name);
    if (metric)
        return mlg_call_resolve_as(check, 0, metric, arena, call, error);
    const char *names[NAMES];
    size_t count = 0;
    for (const struct mlg_metric *const *row = mlg_repros; *row && count < NAMES; row++)
        names[count++] = (*row)->name;
    const char *near = mlg_nearest(check->name, names, count);
    return near ? mlg_error_at(error, MLG_CONFIG, place, "unknown quantity '%s'; did you mean '%s'?",
                               check->name, near)
                : mlg_error_at(error, MLG_CONFIG, place,
                               "unknown quantity '%s'; 'mlgate list' shows them all", check->name);
}

/* ---- values of a pair ---------------------------------------------------------------------------- */

static double identical(const struct mlg_repro_pair *pair, const char **why)
{
    (void)why;
    return pair->same_bytes || pair->comparison->same;
}

static double identical_bytes(const struct mlg_repro_pair *pair, const char **why)
{
    (void)why;
    return pair->same_bytes;
}

static double of_distance(const struct mlg_repro_pair *pair, double value, const char **why)
{
    if (pair->same_bytes)
        return 0;
    *why = pair->comparison->total.undefined;
    return *why ? (double)NAN : value;
}

static double max_abs_difference(const struct mlg_repro_pair *pair, const char **why)
{
    return of_distance(pair, pair->same_bytes ? 0 : pair->comparison->total.max_abs_difference, why);
}

static double max_rel_difference(const struct mlg_repro_pair *pair, const char **why)
{
    return of_distance(pair, pair->same_bytes ? 0 : pair->comparison->total.max_rel_difference, why);
}

static double max_ulp(const struct mlg_repro_pair *pair, const char **why)
{
    const uint64_t ulp = pair->same_bytes ? 0 : pair->comparison->total.max_ulp;
    return of_distance(pair, ulp == UINT64_MAX ? (double)INFINITY : (double)ulp, why);
}

static double relative_l2(const struct mlg_repro_pair *pair, const char **why)
{
    return of_distance(pair, pair->same_bytes ? 0 : pair->comparison->total.relative_l2, why);
}

static double flips(const struct mlg_repro_pair *pair, const char **why)
{
    if (pair->flips->only_a + pair->flips->only_b > 0)
        *why = "the runs predict other rows, so that no share of them can be told";
    return *why ? (double)NAN : (double)pair->flips->changed / (double)pair->flips->n;
}

static double max_score_change(const struct mlg_repro_pair *pair, const char **why)
{
    if (pair->flips->only_a + pair->flips->only_b > 0)
        *why = "the runs predict other rows, so that no share of them can be told";
    return *why ? (double)NAN : pair->flips->max_score_change;
}

/* ---- rows ---------------------------------------------------------------------------------------- */

static const char *const only_file[] = {"file", NULL};

#define OF_FILE .arguments = only_file, .params = mlg_repro_params, .required_argument = "file"
#define KERNEL(...)                                                                                          \
    .kernel = &(const struct mlg_repro_kernel)                                                               \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }
#define DISTANCE(function)                                                                                   \
    .direction = MLG_LOWER_IS_BETTER, .minimum = 0, .maximum = (double)INFINITY, .method = MLG_METHOD_EXACT, \
    OF_FILE, KERNEL(.kind = MLG_REPRO_DISTANCE, .needs_comparison = true, .value = (function))
#define UNDEFINED                                                                                            \
    .undefined_when = "something changed that is no number: a shape, a type, a text, a part that only one "  \
                      "has"

const struct mlg_metric mlg_repro_identical = {
    .name = "identical",
    .about = "every run writes the same, by meaning: members, tensors, columns and rows, not time stamps",
    .definition = "every part of FILE is equal in all runs; a predicate, written without a limit",
    .source = "docs/diff.md says what is compared in which format",
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_EXACT,
    OF_FILE,
    KERNEL(.kind = MLG_REPRO_PREDICATE, .needs_comparison = true, .value = identical)};

const struct mlg_metric mlg_repro_identical_bytes = {
    .name = "identical_bytes",
    .about = "every run writes the same bytes",
    .definition = "SHA-256 of FILE is the same in all runs; a predicate, written without a limit",
    .source = "FIPS 180-4",
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_EXACT,
    OF_FILE,
    KERNEL(.kind = MLG_REPRO_PREDICATE, .value = identical_bytes)};

const struct mlg_metric mlg_repro_max_abs_difference = {
    .name = "max_abs_difference",
    .about = "the largest difference between two numbers at one place",
    .definition = "largest |a - b| over all numbers of FILE, over all runs against the first",
    .source = "numpy.abs(a - b).max()",
    UNDEFINED,
    DISTANCE(max_abs_difference)};

const struct mlg_metric mlg_repro_max_rel_difference = {
    .name = "max_rel_difference",
    .about = "the largest difference between two numbers at one place, relative to the first run's",
    .definition = "largest |a - b| / |b| over all numbers of FILE, b of the first run",
    .source = "numpy.abs((a - b) / b).max()",
    UNDEFINED,
    DISTANCE(max_rel_difference)};

const struct mlg_metric mlg_repro_max_ulp = {
    .name = "max_ulp",
    .about = "the largest difference between two numbers at one place, in steps of their type",
    .definition = "most representable numbers between a and b over all numbers of FILE",
    .source = "Dawson 2012, Comparing floating point numbers",
    UNDEFINED,
    DISTANCE(max_ulp)};

const struct mlg_metric mlg_repro_relative_l2 = {
    .name = "relative_l2",
    .about = "how far all numbers together are from the first run's",
    .definition = "|a - b| / |b|, Euclidean, over all numbers of FILE, b of the first run",
    .source = "numpy.linalg.norm(a - b) / numpy.linalg.norm(b)",
    UNDEFINED,
    DISTANCE(relative_l2)};

const struct mlg_metric mlg_repro_flips = {
    .name = "flips",
    .about = "share of rows whose prediction is not the same in all runs",
    .definition =
        "rows of FILE (column `prediction`) with another prediction than in the first run, the most of any "
        "run; rows are matched by `id`, else by place",
    .undefined_when = "the runs predict other rows",
    .source = "churn, Fard et al. 2016; with none of n rows the bound is the rule of three, 3/n",
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_WILSON,
    OF_FILE,
    KERNEL(.kind = MLG_REPRO_SHARE, .needs_flips = true, .value = flips)};

const struct mlg_metric mlg_repro_max_score_change = {
    .name = "max_score_change",
    .about = "the largest change of a row's score",
    .definition = "largest |a - b| over the rows of FILE and its `score` columns, against the first run",
    .undefined_when = "the runs predict other rows",
    .source = "none: a difference",
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_EXACT,
    OF_FILE,
    KERNEL(.kind = MLG_REPRO_DISTANCE, .needs_flips = true, .value = max_score_change)};

const struct mlg_metric mlg_repro_runs_completed = {
    .name = "runs_completed",
    .about = "how many runs ended by themselves with everything written",
    .definition = "count of runs; one that does not complete is an error of the gate besides",
    .source = "none: a count",
    .direction = MLG_HIGHER_IS_BETTER,
    .minimum = 0,
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_EXACT,
    .params = mlg_repro_params,
    KERNEL(.kind = MLG_REPRO_COUNT)};
