/* metric: the table of metrics, what a check's quantity means, and its evaluation with clusters. */
#include "mlgate/metric.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "family.h"

/* ---- the table ---------------------------------------------------------------------------------- */

#define METRIC(name) extern const struct mlg_metric mlg_metric_##name;
#define METRIC_AS(name, object) METRIC(object)
#include "metrics.def"
#undef METRIC

#define METRIC(name) &mlg_metric_##name,
const struct mlg_metric *const mlg_metrics[] = {
#include "metrics.def"
    NULL};
#undef METRIC_AS
#undef METRIC

bool mlg_metric_is_called(const struct mlg_metric *metric, const char *name)
{
    if (strcmp(metric->name, name) == 0)
        return true;
    for (const char *const *alias = metric->aliases; alias && *alias; alias++)
        if (strcmp(*alias, name) == 0)
            return true;
    return false;
}

const struct mlg_metric *mlg_metric_find(const char *name)
{
    for (const struct mlg_metric *const *metric = mlg_metrics; *metric; metric++)
        if (mlg_metric_is_called(*metric, name))
            return *metric;
    return NULL;
}

/* Proportions offer three, areas two, the others their own. */
bool mlg_metric_takes(const struct mlg_metric *metric, int method)
{
    if (method == MLG_METHOD_COUNT || method == (int)metric->method)
        return true;
    if (metric->method == MLG_METHOD_WILSON)
        return method == MLG_METHOD_CLOPPER_PEARSON || method == MLG_METHOD_JEFFREYS;
    if (metric->method == MLG_METHOD_T_HALL)
        return method == MLG_METHOD_T;
    return metric->method == MLG_METHOD_DELONG && method == MLG_METHOD_DELONG_LOGIT;
}

/* ---- arguments ---------------------------------------------------------------------------------- */

static const char *const averages[] = {"auto", "macro", "weighted", "micro", "binary", NULL};
static const char *const area_averages[] = {"auto", "macro", "weighted", NULL}; /* the same numbers */
static const char *const multi_classes[] = {"ovr", "ovo", NULL};
static const char *const kappa_weights[] = {"none", "linear", "quadratic", NULL};

#define ARGUMENT(field, kind) MLG_FIELD(struct mlg_metric_arguments, field, kind)

#define ROW_MAX_FPR                                                                                          \
    {                                                                                                        \
        .name = "max_fpr", ARGUMENT(max_fpr, share), .minimum = 0, .maximum = 1, .minimum_open = true,       \
        .argument = "SHARE",                                                                                 \
        .help = "the area is taken up to this false positive rate, standardised after McClish"               \
    }
#define ROW_MULTI_CLASS                                                                                      \
    {                                                                                                        \
        .name = "multi_class", ARGUMENT(multi_class, choice), .choices = multi_classes, .argument = "WAY",   \
        .help = "more than two classes: ovr (one against the rest) or ovo (all pairs, Hand and Till)"        \
    }

const struct mlg_param mlg_metric_params[] = {
    {.name = "average",
     ARGUMENT(average, choice),
     .choices = averages,
     .argument = "AVERAGE",
     .help =
         "how the classes are combined: macro (all alike), weighted (by rows of the class), micro (pooled "
         "counts), binary (the positive class alone), auto (binary with two classes, macro with more)"},
    {.name = "class",
     ARGUMENT(class_name, text),
     .argument = "VALUE",
     .help = "one class against all others",
     .unset = "classes are combined as average says"},
    {.name = "beta",
     ARGUMENT(beta, number),
     .minimum = 0,
     .maximum = 1000,
     .argument = "NUMBER",
     .help = "how many times as much recall counts as precision does"},
    ROW_MAX_FPR,
    {.name = "alpha",
     ARGUMENT(alpha, share),
     .minimum = 0,
     .maximum = 1,
     .minimum_open = true,
     .maximum_open = true,
     .argument = "SHARE",
     .help = "the quantile that is predicted; 0.5 is the median"},
    {.name = "power",
     ARGUMENT(power, number),
     .minimum = -100,
     .maximum = 100,
     .argument = "NUMBER",
     .help =
         "of Tweedie's variance function: 0 normal, 1 Poisson, 2 gamma, 3 inverse Gaussian; none between 0 "
         "and 1 exists"},
    {.name = "x",
     ARGUMENT(x, share),
     .minimum = 0,
     .maximum = 1,
     .argument = "SHARE",
     .help = "what the other rate has to reach"},
    {.name = "k",
     ARGUMENT(k, integer),
     .minimum = 1,
     .maximum = 1000000,
     .argument = "COUNT",
     .help = "how many of the best answers count",
     .unset = "2 for top_k_accuracy, else all"},
    {.name = "bins",
     ARGUMENT(bins, integer),
     .minimum = 1,
     .maximum = 1000,
     .argument = "COUNT",
     .help = "into how many bins of equal width the probabilities go"},
    ROW_MULTI_CLASS,
    {.name = "weights",
     ARGUMENT(weights, choice),
     .choices = kappa_weights,
     .argument = "WEIGHTS",
     .help =
         "how a wrong answer counts: none (all alike), linear or quadratic in the distance of the classes"},
    {.name = "adjusted",
     ARGUMENT(adjusted, boolean),
     .argument = "BOOLEAN",
     .help = "shift and scale so that a constant answer scores 0"},
    {.name = "metric",
     ARGUMENT(metric, text),
     .argument = "METRIC",
     .unset = "it has to be given",
     .help = "the metric that is meant, followed by its own arguments"},
    {0}};

const struct mlg_metric_arguments mlg_metric_arguments_defaults = {.average = MLG_AVERAGE_DEFAULT,
                                                                   .beta = 1,
                                                                   .max_fpr = 1,
                                                                   .alpha = 0.5,
                                                                   .power = 0,
                                                                   .x = 0,
                                                                   .k = 0, /* not given */
                                                                   .bins = 15,
                                                                   .multi_class = MLG_OVR,
                                                                   .weights = MLG_KAPPA_NONE,
                                                                   .adjusted = false,
                                                                   .method = MLG_BETWEEN_GROUPS,
                                                                   .agg = MLG_WORST_CASE,
                                                                   .entropy_alpha = 2,
                                                                   .concentration = 1,
                                                                   .tolerance = 1e-6};

const struct mlg_param mlg_family_area_params[] = {
    ROW_MAX_FPR,
    ROW_MULTI_CLASS,
    {.name = "average",
     ARGUMENT(average, choice),
     .choices = area_averages,
     .argument = "AVERAGE",
     .help =
         "how the areas of more than two classes are combined: macro (all alike), weighted (by rows of the "
         "class), auto (macro)"},
    {0}};

const struct mlg_param *mlg_metric_rows_of(const struct mlg_metric *metric)
{
    return metric->params ? metric->params : mlg_metric_params;
}

enum { PARAMS = sizeof mlg_metric_params / sizeof *mlg_metric_params };

/* ---- resolve ------------------------------------------------------------------------------------ */

static int mistake(struct mlg_error *error, unsigned offset, const char *text)
{
    const struct mlg_place place = {.column = offset + 1};
    return mlg_error_at(error, MLG_CONFIG, place, "%s", text);
}

static int no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory to read a check");
}

/* What other libraries call a quantity of ours. */
static const char *const elsewhere[][2] = {
    {"auc", "roc_auc"},
    {"roc", "roc_auc"},
    {"pr_auc", "average_precision"},
    {"auprc", "average_precision"},
    {"ap", "average_precision"},
    {"acc", "accuracy"},
    {"f1_macro", "f1(average=macro)"},
    {"f1_micro", "f1(average=micro)"},
    {"f1_weighted", "f1(average=weighted)"},
    {"precision_macro", "precision(average=macro)"},
    {"recall_macro", "recall(average=macro)"},
    {"kappa", "cohen_kappa"},
};

const char *mlg_metric_elsewhere(const char *name)
{
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (strcmp(name, elsewhere[i][0]) == 0)
            return elsewhere[i][1];
    return NULL;
}

/* Names and aliases of all metrics, for the nearest one. */
static const char *nearest_metric(const char *word)
{
    enum { NAMES = 256 };
    const char *names[NAMES];
    size_t count = 0;
    for (const struct mlg_metric *const *metric = mlg_metrics; *metric; metric++) {
        if (count < NAMES)
            names[count++] = (*metric)->name;
        for (const char *const *alias = (*metric)->aliases; alias && *alias && count < NAMES; alias++)
            names[count++] = *alias;
    }
    return mlg_nearest(word, names, count);
}

static int unknown_metric(struct mlg_error *error, const char *word, unsigned offset, struct mlg_arena *arena)
{
    const char *near = mlg_metric_elsewhere(word) ? mlg_metric_elsewhere(word) : nearest_metric(word);
    const char *text =
        near ? mlg_arena_format(arena, "unknown quantity '%s'; did you mean '%s'?", word, near)
             : mlg_arena_format(arena, "unknown quantity '%s'; 'mlgate list' shows them all", word);
    return text ? mistake(error, offset, text) : no_memory(error);
}

static size_t argument_count(const struct mlg_metric *metric)
{
    size_t count = 0;
    while (metric->arguments && metric->arguments[count])
        count++;
    return count;
}

bool mlg_metric_takes_metric(const struct mlg_metric *metric)
{
    return argument_count(metric) > 0 && strcmp(metric->arguments[0], "metric") == 0;
}

/* "'average' and 'class'" */
static const char *argument_names(const struct mlg_metric *metric, struct mlg_arena *arena)
{
    const size_t count = argument_count(metric);
    const char *text = "";
    for (size_t i = 0; text && i < count; i++)
        text = mlg_arena_format(arena, "%s%s'%s'", text,
                                i == 0           ? ""
                                : i + 1 == count ? " and "
                                                 : ", ",
                                metric->arguments[i]);
    return text;
}

static int unknown_argument(struct mlg_error *error, const struct mlg_metric *metric,
                            const struct mlg_argument *argument, struct mlg_arena *arena)
{
    const size_t count = argument_count(metric);
    const char *names = argument_names(metric, arena);
    const char *near = argument->name ? mlg_nearest(argument->name, metric->arguments, count) : NULL;
    const char *text;
    if (!names)
        return no_memory(error);
    if (count == 0)
        text = mlg_arena_format(arena, "'%s' takes no arguments, but '%s' was given", metric->name,
                                argument->name ? argument->name : argument->value);
    else if (!argument->name)
        text = mlg_arena_format(arena, "'%s' is one argument too many for '%s', which takes %s",
                                argument->value, metric->name, names);
    else if (near)
        text = mlg_arena_format(arena, "'%s' has no argument '%s'; did you mean '%s'?", metric->name,
                                argument->name, near);
    else if (mlg_text_is_among("file", metric->arguments, count))
        text = mlg_arena_format(arena,
                                "'%s' has no argument '%s'; it takes %s, and a name with '=' in it stands in "
                                "quotes: '%s=%s'",
                                metric->name, argument->name, names, argument->name, argument->value);
    else
        text = mlg_arena_format(arena, "'%s' has no argument '%s'; it takes %s", metric->name, argument->name,
                                names);
    return text ? mistake(error, argument->offset, text) : no_memory(error);
}

/* Reads one value by its row; the row's own sentence becomes the error. */
static int set_argument(struct mlg_call *call, const char *name, const struct mlg_argument *argument,
                        struct mlg_arena *arena, struct mlg_error *error)
{
    struct mlg_origin origins[PARAMS] = {0};
    struct mlg_diagnostics list;
    const struct mlg_param *rows = mlg_metric_rows_of(call->metric);
    const size_t index = (size_t)(mlg_params_find(rows, name) - rows);
    struct mlg_node *node = MLG_NEW(arena, struct mlg_node);
    if (!node)
        return no_memory(error);
    *node = (struct mlg_node){.type = MLG_NODE_SCALAR,
                              .text = argument->value,
                              .size = strlen(argument->value),
                              .origin.type = MLG_FROM_CONFIG};
    mlg_diagnostics_init(&list, arena);
    if (mlg_param_set(rows, index, &call->arguments, origins, node, arena, &list))
        return MLG_OK;
    const char *text = list.count ? list.items[0].text : "a value that cannot be read";
    const bool class_meant =
        !argument->name && strcmp(name, "average") == 0 && argument_count(call->metric) > 1;
    text = mlg_arena_format(arena, "%s of '%s': %s%s%s", name, call->metric->name, text,
                            class_meant ? "; for one class against the rest write class=" : "",
                            class_meant ? argument->value : "");
    return text ? mistake(error, argument->offset, text) : no_memory(error);
}

/* The arguments from `first` on. A value without a name belongs to the next argument in the metric's order.
 */
static int read_arguments(const struct mlg_check *check, size_t first, struct mlg_call *call,
                          struct mlg_arena *arena, struct mlg_error *error)
{
    const struct mlg_metric *metric = call->metric;
    const size_t accepted = argument_count(metric);
    const char **given = MLG_NEW_ARRAY(arena, const char *, check->argument_count + 1);
    size_t given_count = 0, positional = 0;
    if (!given)
        return no_memory(error);
    for (size_t i = first; i < check->argument_count; i++) {
        const struct mlg_argument *argument = &check->arguments[i];
        const char *name = NULL;
        if (!argument->name && positional < accepted)
            name = metric->arguments[positional++];
        for (size_t a = 0; argument->name && a < accepted; a++)
            if (strcmp(metric->arguments[a], argument->name) == 0)
                name = metric->arguments[a];
        if (!name)
            return unknown_argument(error, metric, argument, arena);
        for (size_t g = 0; g < given_count; g++)
            if (given[g] == name) {
                const char *text = mlg_arena_format(
                    arena, "the argument '%s' of '%s' is given twice; give one", name, metric->name);
                return text ? mistake(error, argument->offset, text) : no_memory(error);
            }
        int code = set_argument(call, name, argument, arena, error);
        if (code != MLG_OK)
            return code;
        given[given_count++] = name;
    }
    call->given = given;
    return MLG_OK;
}

static bool is_given(const struct mlg_call *call, const char *name)
{
    for (const char *const *given = call->given; given && *given; given++)
        if (strcmp(*given, name) == 0)
            return true;
    return false;
}

static int check_required(const struct mlg_check *check, const struct mlg_call *call, struct mlg_arena *arena,
                          struct mlg_error *error)
{
    const char *required = call->metric->required_argument;
    if (!required || is_given(call, required))
        return MLG_OK;
    const struct mlg_param *row = mlg_params_find(mlg_metric_rows_of(call->metric), required);
    const char *example = row->kind == &mlg_kind_text  ? row->argument
                          : strcmp(required, "k") == 0 ? "10"
                                                       : "0.9";
    const char *text = mlg_arena_format(arena, "'%s' needs its argument '%s', such as %s(%s=%s)",
                                        call->metric->name, required, call->metric->name, required, example);
    return text ? mistake(error, check->name_offset, text) : no_memory(error);
}

static int check_class_and_average(const struct mlg_check *check, const struct mlg_call *call,
                                   struct mlg_arena *arena, struct mlg_error *error)
{
    const int average = call->arguments.average;
    if (!call->arguments.class_name || average == MLG_AVERAGE_DEFAULT || average == MLG_BINARY)
        return MLG_OK;
    const char *text = mlg_arena_format(
        arena, "'%s' asks for one class and for the %s average of all; give class= or average=, not both",
        call->metric->name, averages[average]);
    return text ? mistake(error, check->name_offset, text) : no_memory(error);
}

int mlg_call_resolve_as(const struct mlg_check *check, size_t first, const struct mlg_metric *metric,
                        struct mlg_arena *arena, struct mlg_call *call, struct mlg_error *error)
{
    *call = (struct mlg_call){.metric = metric, .arguments = mlg_metric_arguments_defaults, .moments = -1};
    int code = read_arguments(check, first, call, arena, error);
    if (code == MLG_OK)
        code = check_required(check, call, arena, error);
    if (code == MLG_OK)
        code = check_class_and_average(check, call, arena, error);
    if (code != MLG_OK || !metric->check)
        return code;
    struct mlg_error own = {0};
    code = metric->check(call, &own);
    return code == MLG_CONFIG ? mistake(error, check->name_offset, own.text) : code;
}

int mlg_call_resolve_of(const struct mlg_check *check, const struct mlg_metric *metric,
                        struct mlg_arena *arena, struct mlg_call *call, struct mlg_error *error)
{
    const struct mlg_argument *first = check->argument_count ? &check->arguments[0] : NULL;
    struct mlg_call *inner = MLG_NEW(arena, struct mlg_call);
    const char **given = MLG_NEW_ARRAY(arena, const char *, 2);
    const char *text;
    if (!inner || !given)
        return no_memory(error);
    if (!first || (first->name && strcmp(first->name, "metric") != 0)) {
        text = mlg_arena_format(arena, "'%s' needs the name of a metric first, such as %s(accuracy)",
                                metric->name, metric->name);
        return text ? mistake(error, check->name_offset, text) : no_memory(error);
    }
    const struct mlg_metric *of = mlg_metric_find(first->value);
    if (!of)
        return unknown_metric(error, first->value, first->offset, arena);
    if (mlg_metric_takes_metric(of)) {
        text = mlg_arena_format(arena, "'%s' cannot be taken of '%s'; name a plain metric such as accuracy",
                                metric->name, of->name);
        return text ? mistake(error, first->offset, text) : no_memory(error);
    }
    int code = mlg_call_resolve_as(check, 1, of, arena, inner, error);
    if (code != MLG_OK)
        return code;
    given[0] = metric->arguments[0];
    *call = (struct mlg_call){.metric = metric,
                              .arguments = mlg_metric_arguments_defaults,
                              .given = given,
                              .inner = inner,
                              .moments = -1};
    call->arguments.metric = first->value;
    if (!metric->check)
        return MLG_OK;
    struct mlg_error own = {0};
    code = metric->check(call, &own);
    return code == MLG_CONFIG ? mistake(error, first->offset, own.text) : code;
}

int mlg_call_resolve(const struct mlg_check *check, struct mlg_arena *arena, struct mlg_call *call,
                     struct mlg_error *error)
{
    const struct mlg_metric *metric = mlg_metric_find(check->name);
    if (!metric)
        return unknown_metric(error, check->name, check->name_offset, arena);
    return mlg_metric_takes_metric(metric) ? mlg_call_resolve_of(check, metric, arena, call, error)
                                           : mlg_call_resolve_as(check, 0, metric, arena, call, error);
}

void mlg_call_range(const struct mlg_call *call, const struct mlg_data *data, double *minimum,
                    double *maximum)
{
    if (!call->inner) {
        *minimum = call->metric->minimum;
        *maximum = call->metric->maximum;
        if (call->metric->range)
            call->metric->range(call, data, minimum, maximum);
        return;
    }
    mlg_call_range(call->inner, data, minimum, maximum);
    if (strcmp(call->metric->name, "delta") == 0) {
        const double width = *maximum - *minimum;
        *minimum = -width;
        *maximum = width;
    }
}

bool mlg_metric_has_argument(const struct mlg_metric *metric, const char *argument)
{
    return mlg_text_is_listed(argument, metric->arguments);
}

bool mlg_call_is_macro(const struct mlg_call *call, const struct mlg_scan *scan)
{
    if (call->inner)
        return mlg_call_is_macro(call->inner, scan);
    for (size_t p = 0; p < call->part_count; p++)
        if (mlg_call_is_macro(&call->parts[p], scan))
            return true;
    const bool one_score =
        (call->metric->reads & (MLG_READS_SCORE | MLG_READS_PROBABILITY)) && scan->score_count < 2;
    return scan->classes.count > 2 && !one_score && !call->arguments.class_name &&
           call->arguments.average == MLG_AVERAGE_DEFAULT && mlg_metric_has_argument(call->metric, "average");
}

/* ---- plan --------------------------------------------------------------------------------------- */

unsigned mlg_family_keep(unsigned reads)
{
    unsigned keep = 0;
    if (reads & (MLG_READS_LABEL | MLG_READS_POSITIVE))
        keep |= MLG_KEEP_LABEL;
    if (reads & MLG_READS_PREDICTION)
        keep |= MLG_KEEP_PREDICTION;
    if (reads & (MLG_READS_SCORE | MLG_READS_PROBABILITY))
        keep |= MLG_KEEP_SCORES;
    if (reads & MLG_READS_LABEL_NUMBER)
        keep |= MLG_KEEP_LABEL_NUMBER;
    if (reads & MLG_READS_PREDICTION_NUMBER)
        keep |= MLG_KEEP_PREDICTION_NUMBER;
    if (reads & MLG_READS_QUERY)
        keep |= MLG_KEEP_QUERY;
    return keep;
}

int mlg_call_plan(struct mlg_call *call, struct mlg_plan *plan, struct mlg_error *error)
{
    const struct mlg_metric *metric = call->metric;
    const bool paired = strcmp(metric->name, "delta") == 0;
    /* Counts are exact, clusters or not. */
    unsigned keep = metric->method == MLG_METHOD_EXACT ? 0 : mlg_family_keep(metric->reads);
    int code = metric->reads ? mlg_plan_reads(plan, metric->reads, error) : MLG_OK;
    call->moments = -1;
    if (code == MLG_OK && call->inner) {
        /* The inner call was made by mlg_call_resolve, together with this one. */
        code = mlg_call_plan((struct mlg_call *)call->inner, plan, error);
        keep |= mlg_family_keep(call->inner->metric->reads);
    }
    if (code == MLG_OK && metric->plan)
        code = metric->plan(call, plan, error);
    if (code == MLG_OK && paired)
        code = mlg_plan_keep(plan, keep | MLG_KEEP_ID, error);
    else if (code == MLG_OK && keep && mlg_plan_clustered(plan))
        code = mlg_plan_keep(plan, keep, error);
    return code;
}

int mlg_call_judge(struct mlg_call *call,
                   int (*plan)(struct mlg_call *call, struct mlg_plan *plan, struct mlg_error *error),
                   const struct mlg_data *data, struct mlg_arena *arena, struct mlg_error *error)
{
    struct mlg_error first = {0}, second = {0};
    struct mlg_plan *two = mlg_plan_of_keys(data, 2, arena), *more = mlg_plan_of_keys(data, 3, arena);
    if (!two || !more || plan(call, two, &first) == MLG_OK || plan(call, more, &second) == MLG_OK)
        return MLG_OK;
    /* Where the number of score columns is the data's to say, what is wrong whatever it is. */
    if (first.code != MLG_CONFIG || strcmp(first.text, second.text) != 0)
        return MLG_OK;
    *error = first;
    return MLG_CONFIG;
}

/* ---- evaluate ----------------------------------------------------------------------------------- */

enum { FEW_CLUSTERS = 20 };

/* The influence of the slice's rows brought together by cluster: rows of cluster c stand at
 * start[c] .. start[c + 1]. Rows of weight 0 are not there. */
static bool by_cluster(const struct mlg_view *view, const double *influence, size_t count, double **sorted,
                       size_t **start)
{
    const struct mlg_scan *scan = view->scan;
    const uint32_t *cluster = scan->kept.cluster;
    size_t rows;
    const uint32_t *index = mlg_scan_rows(scan, view->slicing, view->slice, &rows);
    size_t *next = MLG_NEW_ARRAY(view->scratch, size_t, scan->cluster_count + 1);
    *start = MLG_NEW_ARRAY(view->scratch, size_t, scan->cluster_count + 1);
    *sorted = MLG_NEW_ARRAY(view->scratch, double, count + 1);
    if (!next || !*start || !*sorted)
        return false;
    for (size_t i = 0; i < count; i++) {
        const size_t row = index ? index[i] : i;
        (*start)[cluster[row] + 1] += mlg_family_weight(&scan->kept, row) > 0;
    }
    for (size_t c = 0; c < scan->cluster_count; c++) {
        (*start)[c + 1] += (*start)[c];
        next[c] = (*start)[c];
    }
    for (size_t i = 0; i < count; i++) {
        const size_t row = index ? index[i] : i;
        if (mlg_family_weight(&scan->kept, row) > 0)
            (*sorted)[next[cluster[row]]++] = influence[i];
    }
    return true;
}

/* What the clusters say: how many have rows, the sums of powers of z, the summed influence of a cluster,
 * and its shares of all weight. */
struct clusters {
    size_t count;
    double squares, cubes, fourths;
    struct mlg_family_uneven uneven;
};

/* What rows weigh in the value: the rows of a query weigh as one. False: no memory. */
static bool weigh_rows(const struct mlg_view *view, size_t count, bool by_query, double *weights)
{
    const struct mlg_rows *kept = &view->scan->kept;
    size_t rows, queries = 0;
    const uint32_t *index = mlg_scan_rows(view->scan, view->slicing, view->slice, &rows);
    for (size_t i = 0; i < count; i++)
        weights[i] = mlg_family_weight(kept, index ? index[i] : i);
    if (!by_query)
        return true;
    for (size_t i = 0; i < kept->count; i++)
        queries = kept->query[i] >= queries ? kept->query[i] + (size_t)1 : queries;
    size_t *of_query = MLG_NEW_ARRAY(view->scratch, size_t, queries + 1);
    if (!of_query)
        return false;
    for (size_t i = 0; i < count; i++)
        of_query[kept->query[index ? index[i] : i]]++;
    for (size_t i = 0; i < count; i++)
        weights[i] /= (double)of_query[kept->query[index ? index[i] : i]];
    return true;
}

/* The weight of every cluster; NULL: no memory. */
static double *weigh_clusters(const struct mlg_view *view, size_t count, bool by_query)
{
    const struct mlg_scan *scan = view->scan;
    double *weights = MLG_NEW_ARRAY(view->scratch, double, count + 1), *sorted;
    size_t *start;
    if (!weights || !weigh_rows(view, count, by_query, weights) ||
        !by_cluster(view, weights, count, &sorted, &start))
        return NULL;
    double *of_clusters = MLG_NEW_ARRAY(view->scratch, double, scan->cluster_count + 1);
    for (size_t c = 0; of_clusters && c < scan->cluster_count; c++) {
        struct mlg_sum sum = {0};
        mlg_sum_add_each(&sum, 1, NULL, sorted + start[c], start[c + 1] - start[c]);
        of_clusters[c] = mlg_sum_round(&sum);
    }
    return of_clusters;
}

/* Exact within a cluster, so that neither the order of rows nor of clusters leaves a trace. */
static int sum_clusters(struct mlg_view *view, const double *influence, size_t count, bool by_query,
                        struct clusters *clusters, struct mlg_error *error)
{
    double *sorted;
    size_t *start;
    struct mlg_sum squares = {0}, cubes = {0}, fourths = {0}, all = {0}, shares2 = {0}, shares4 = {0},
                   by_share = {0};
    *clusters = (struct clusters){0};
    const double *weights = weigh_clusters(view, count, by_query);
    if (!weights || !by_cluster(view, influence, count, &sorted, &start))
        return mlg_error_set(error, MLG_LIMIT, "no memory to sum over clusters");
    mlg_sum_add_each(&all, 1, NULL, weights, view->scan->cluster_count);
    for (size_t c = 0; c < view->scan->cluster_count; c++) {
        struct mlg_sum sum = {0};
        for (size_t i = start[c]; i < start[c + 1]; i++) {
            if (!isfinite(sorted[i]))
                return mlg_error_set(error, MLG_INTERNAL, "the influence of a row is not finite");
            mlg_sum_add(&sum, sorted[i]);
        }
        const double total = mlg_sum_round(&sum), share = weights[c] / mlg_sum_round(&all);
        if (start[c + 1] == start[c])
            continue;
        clusters->count++;
        mlg_sum_add_product(&shares2, share, share);
        mlg_sum_add_product(&shares4, share * share, share * share);
        mlg_sum_add_product(&by_share, total, total / share);
        mlg_sum_add_product(&squares, total, total);
        mlg_sum_add_product(&cubes, total, total * total);
        mlg_sum_add_product(&fourths, total * total, total * total);
    }
    clusters->squares = mlg_sum_round(&squares);
    clusters->cubes = mlg_sum_round(&cubes);
    clusters->fourths = mlg_sum_round(&fourths);
    /* If all clusters' means, z / share, varied alike: each counts with its share, for the means of small
     * ones vary more than those of large ones where rows of a cluster are not all the same. */
    clusters->uneven = (struct mlg_family_uneven){.shares2 = mlg_sum_round(&shares2),
                                                  .shares4 = mlg_sum_round(&shares4),
                                                  .observed = clusters->squares};
    clusters->uneven.even = clusters->uneven.shares2 * mlg_sum_round(&by_share);
    return MLG_OK;
}

/* var = C/(C-1) sum of z^2 */
static double sandwich_variance(const struct clusters *clusters)
{
    return clusters->squares * ((double)clusters->count / (double)(clusters->count - 1));
}

/* How many there are, of even weight; or how many rows the value rests on where these are fewer. */
static double whole_clusters(const struct mlg_evidence *own, const struct clusters *clusters)
{
    const double effective = fmin((double)clusters->count, mlg_family_effective(&clusters->uneven));
    return own->n && (double)own->n < effective ? (double)own->n : effective;
}

/* A share of counts. Where few clusters differ from the others their variance is hardly known, and where none
 * does it is 0: then each cluster counts as one row, or as many as the value rests on where these are fewer.
 * In between both variances are weighed, by how many clusters carry the observed one,
 * (sum z^2)^2 / sum z^4, cubed: of 30 or more little is left of the other. In simulations at limits equal to
 * the truth (docs/coverage.md) no more than 6 % passed; the sandwich alone let 20 % pass near 1. */
enum { WEIGHT_OF_WHOLE_CLUSTERS = 20 };

static int share_of_clusters(const struct mlg_evidence *own, const struct clusters *clusters,
                             struct mlg_evidence *evidence, struct mlg_arena *arena, struct mlg_error *error)
{
    const double width = own->maximum - own->minimum, rate = (own->value - own->minimum) / width;
    const double whole = whole_clusters(own, clusters);
    const double observed = sandwich_variance(clusters) / (width * width), apart = rate * (1 - rate) / whole;
    const double carry =
        clusters->fourths > 0 ? clusters->squares / clusters->fourths * clusters->squares : 0;
    const double weight = carry * carry * carry;
    const double weighed =
        (weight * observed + WEIGHT_OF_WHOLE_CLUSTERS * apart) / (weight + WEIGHT_OF_WHOLE_CLUSTERS);
    /* Influence is rounded, hence not exactly 0 where every cluster agrees. */
    const bool agree = !(observed > 1e-24);
    const struct mlg_family_part part = {
        .share = width,
        .rate = rate,
        .size = agree ? whole : mlg_family_size(rate, fmax(observed, weighed), (double)own->n),
        .degrees = mlg_family_degrees(&clusters->uneven)};
    evidence->standard_error = sqrt(sandwich_variance(clusters));
    evidence->degrees = part.degrees;
    return mlg_family_parts(evidence, MLG_METHOD_CLUSTER, &part, 1, 0, own, arena, error);
}

/* A mean of losses, or a difference of two values. */
static int mean_of_clusters(const struct mlg_evidence *own, const struct clusters *clusters, bool paired,
                            struct mlg_evidence *evidence, struct mlg_arena *arena, struct mlg_error *error)
{
    const double width = own->maximum - own->minimum, size = whole_clusters(own, clusters);
    const bool differ =
        !(sandwich_variance(clusters) <= 1e-24 * (isfinite(width) ? width * width : own->value * own->value));
    double variance;
    if (differ && mlg_family_variance(&clusters->uneven, &variance)) {
        evidence->kind = MLG_NORMAL;
        evidence->method = MLG_METHOD_CLUSTER;
        evidence->standard_error = sqrt(variance);
        evidence->degrees = mlg_family_degrees(&clusters->uneven);
        evidence->skewness = mlg_sample_skewness(clusters->squares, clusters->cubes, (double)clusters->count);
        return MLG_OK;
    }
    if (differ || !isfinite(width))
        mlg_family_note(evidence, differ
                                      ? "one cluster has most of the weight: nothing is known of their spread"
                                      : "all clusters have the same value: nothing is known of their spread");
    if (!isfinite(width))
        return MLG_OK;
    if (!paired)
        return mlg_family_share(evidence, MLG_METHOD_CLUSTER, size, arena, error);
    return mlg_family_no_difference(evidence, MLG_METHOD_CLUSTER, size, arena, error);
}

static int sandwich(struct mlg_view *view, const double *influence, size_t count, bool paired, bool by_query,
                    struct mlg_evidence *evidence, struct mlg_error *error)
{
    struct clusters clusters;
    int code = sum_clusters(view, influence, count, by_query, &clusters, error);
    if (code != MLG_OK)
        return code;
    const struct mlg_evidence own = *evidence; /* looks at rows only */
    evidence->kind = MLG_VALUE_ONLY;
    evidence->method = MLG_METHOD_NONE;
    evidence->bounds = NULL;
    evidence->state = NULL;
    evidence->standard_error = evidence->skewness = 0;
    if (own.optimism > 0)
        evidence->optimism = mlg_family_optimism(own.value, whole_clusters(&own, &clusters));
    if (clusters.count < 2) {
        mlg_family_bare(evidence,
                        "one cluster alone says nothing about the others: bring rows of more clusters");
        return MLG_OK;
    }
    if (clusters.count < FEW_CLUSTERS)
        mlg_family_note(evidence, "fewer than 20 clusters");
    const bool share = !paired && own.kind != MLG_NORMAL && isfinite(own.maximum - own.minimum);
    return share ? share_of_clusters(&own, &clusters, evidence, view->scratch, error)
                 : mean_of_clusters(&own, &clusters, paired, evidence, view->scratch, error);
}

int mlg_family_clusters(struct mlg_view *view, const double *influence, size_t count,
                        struct mlg_evidence *evidence, struct mlg_error *error)
{
    return sandwich(view, influence, count, false, false, evidence, error);
}

int mlg_call_evaluate(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                      struct mlg_error *error)
{
    mlg_family_begin(call, evidence);
    const unsigned reads = call->metric->reads | (call->inner ? call->inner->metric->reads : 0);
    if (!view->scan->clustered || call->metric->method == MLG_METHOD_EXACT || !mlg_family_keep(reads))
        return call->metric->evaluate(call, view, evidence, NULL, error);
    size_t count = 0;
    mlg_scan_rows(view->scan, view->slicing, view->slice, &count);
    double *influence = MLG_NEW_ARRAY(view->scratch, double, count + 1);
    if (!influence)
        return mlg_error_set(error, MLG_LIMIT, "no memory for %zu rows in clusters", count);
    int code = call->metric->evaluate(call, view, evidence, influence, error);
    if (code != MLG_OK || evidence->kind == MLG_UNDEFINED || evidence->kind == MLG_EXACT_VALUE ||
        (evidence->kind == MLG_VALUE_ONLY && evidence->method == MLG_METHOD_NONE))
        return code;
    return sandwich(view, influence, count, call->inner != NULL, reads & MLG_READS_QUERY, evidence, error);
}
