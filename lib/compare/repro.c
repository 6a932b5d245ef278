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
                                             {.name = "metric",
                                              MLG_FIELD(struct mlg_metric_arguments, metric, text),
                                              .argument = "METRIC",
                                              .unset = "it has to be given",
                                              .help = "a quantity of the accuracy gate; its own arguments "
                                                      "stand behind the others"},
                                             {.name = "column",
                                              MLG_FIELD(struct mlg_metric_arguments, column, text),
                                              .argument = "COLUMN",
                                              .unset = "it has to be given",
                                              .help = "the column of FILE whose values make groups"},
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

/* Takes the argument out of the check: the one of that name, else the first without a name. */
static bool take_argument(struct mlg_check *check, const char *name, struct mlg_argument *argument)
{
    size_t at = 0;
    while (at < check->argument_count &&
           !(check->arguments[at].name && strcmp(check->arguments[at].name, name) == 0))
        at++;
    if (at == check->argument_count)
        for (at = 0; at < check->argument_count && check->arguments[at].name;)
            at++;
    if (at == check->argument_count)
        return false;
    *argument = check->arguments[at];
    check->argument_count--;
    for (; at < check->argument_count; at++)
        check->arguments[at] = check->arguments[at + 1];
    return true;
}

/* metric_spread(FILE, METRIC, the metric's own), group_spread(FILE, METRIC, COLUMN, the metric's own) */
static int resolve_spread(const struct mlg_check *check, const struct mlg_metric *metric,
                          struct mlg_arena *arena, struct mlg_call *call, struct mlg_error *error)
{
    const bool by_group = metric->arguments[2] != NULL;
    const struct mlg_place place = {.column = check->name_offset + 1};
    struct mlg_check rest = *check;
    struct mlg_argument file, of, column = {0};
    if (!take_argument(&rest, "file", &file) || !take_argument(&rest, "metric", &of) ||
        (by_group && !take_argument(&rest, "column", &column)))
        return mlg_error_at(error, MLG_CONFIG, place,
                            "'%s' needs %s, such as %s(predictions.csv, accuracy%s)", check->name,
                            by_group ? "an output, a metric and a column" : "an output and a metric",
                            check->name, by_group ? ", sex" : "");
    /* As gap(METRIC) reads it. */
    for (size_t i = rest.argument_count; i > 0; i--)
        rest.arguments[i] = rest.arguments[i - 1];
    rest.arguments[0] = of;
    rest.arguments[0].name = NULL;
    rest.argument_count++;
    const int code = mlg_call_resolve_of(&rest, metric, arena, call, error);
    if (code != MLG_OK)
        return code;
    call->given = metric->arguments;
    call->arguments.file = file.value;
    call->arguments.column = by_group ? column.value : NULL;
    return MLG_OK;
}

int mlg_repro_resolve(const struct mlg_check *check, struct mlg_arena *arena, struct mlg_call *call,
                      struct mlg_error *error)
{
    enum { NAMES = 64 };
    const struct mlg_place place = {.column = check->name_offset + 1};
    const struct mlg_metric *metric = mlg_repro_find(check->name);
    if (metric && ((const struct mlg_repro_kernel *)metric->kernel)->kind == MLG_REPRO_SPREAD)
        return resolve_spread(check, metric, arena, call, error);
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
    if (!pair->same_bytes && pair->comparison->total.undefined)
        *why = "what differs is no number: a shape, a type, a text, a part that one of them lacks, or "
               "bytes that nobody can read";
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
        *why = "the runs predict other rows, so that no largest change can be told";
    return *why ? (double)NAN : pair->flips->max_score_change;
}

/* ---- rows ---------------------------------------------------------------------------------------- */

static const char *const only_file[] = {"file", NULL};
static const char *const file_and_metric[] = {"file", "metric", NULL};
static const char *const file_metric_and_column[] = {"file", "metric", "column", NULL};

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
    .undefined_when = "FILE holds no numbers that can be read, or something changed that is no number: a "   \
                      "shape, a type, a text, a part that only one has"

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
        "rows of FILE (column `prediction`) that any run predicts otherwise than the first, each counted "
        "once, "
        "of all rows in which a run has a prediction; rows are matched by `id`, else by place; with `seeds` "
        "within a seed, the worst of them",
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

#define SPREAD(names)                                                                                        \
    .direction = MLG_LOWER_IS_BETTER, .minimum = 0, .maximum = (double)INFINITY, .method = MLG_METHOD_EXACT, \
    .arguments = (names), .params = mlg_repro_params, .required_argument = "file",                           \
    KERNEL(.kind = MLG_REPRO_SPREAD)

const struct mlg_metric mlg_repro_metric_spread = {
    .name = "metric_spread",
    .about = "how far a metric moves from run to run, or from seed to seed",
    .definition =
        "largest less smallest METRIC of FILE over the runs, with `seeds` over the first run of each; "
        "`parts` has mean and sd (over runs - 1)",
    .undefined_when = "METRIC is undefined in a run",
    .source =
        "exact of these runs; bounds of the mean and of the next run by Student's t, Bouthillier et al. "
        "2021",
    SPREAD(file_and_metric)};

const struct mlg_metric mlg_repro_group_spread = {
    .name = "group_spread",
    .about = "how far a metric of the least steady group moves from run to run, or from seed to seed",
    .definition = "largest metric_spread within a value of COLUMN",
    .undefined_when = "METRIC is undefined for a group in a run, or a run has no rows of it",
    .source = "exact of these runs; that groups move more than the whole: Zhuang et al. 2021",
    SPREAD(file_metric_and_column)};

const struct mlg_metric mlg_repro_verdict_stable = {
    .name = "verdict_stable",
    .about = "the suite's other gates come to the same verdicts on every run's outputs",
    .definition =
        "every check that reads a data source in `sources` has the same verdict on all runs, on a run "
        "of each seed too; a predicate, written without a limit",
    .undefined_when = "a check cannot be judged on what a run wrote",
    .source = "none: a comparison of verdicts",
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_EXACT,
    .params = mlg_repro_params,
    KERNEL(.kind = MLG_REPRO_VERDICTS)};

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
