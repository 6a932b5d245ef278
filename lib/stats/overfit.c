/* overfit: the table of the overfit gate's quantities, and what a check's quantity means there. */
#include "mlgate/overfit.h"

#include <math.h>
#include <string.h>

#include "mlgate/number.h"
#include "overfit_private.h"

/* ---- the table ---------------------------------------------------------------------------------- */

#define OVERFIT(name) extern const struct mlg_metric mlg_overfit_##name;
#include "overfits.def"
#undef OVERFIT

#define OVERFIT(name) &mlg_overfit_##name,
const struct mlg_metric *const mlg_overfits[] = {
#include "overfits.def"
    NULL};
#undef OVERFIT

#define ARGUMENT(field, kind) MLG_FIELD(struct mlg_metric_arguments, field, kind)

static const char *const better[] = {"by_name", "lower", "higher", NULL};
static const char *const at[] = {"final", "best", NULL};

const struct mlg_param mlg_overfit_params[] = {
    {.name = "metric",
     ARGUMENT(metric, text),
     .argument = "METRIC",
     .unset = "it has to be given",
     .help = "a quantity of the accuracy gate, followed by its own arguments"},
    {.name = "columns",
     ARGUMENT(columns, texts),
     .argument = "COLUMN",
     .help = "the columns that are compared, one after the other",
     .unset =
         "the gate's features, else all columns of both sources that have a name and no role, less those "
         "that count rows or are another constant in each"},
    {.name = "column",
     ARGUMENT(column, text),
     .argument = "COLUMN",
     .help = "the column whose values are compared",
     .unset = "of time_overlap the role 'time', else it has to be given"},
    {.name = "tolerance",
     ARGUMENT(tolerance, number),
     .minimum = 0,
     .maximum = 0.5,
     .argument = "NUMBER",
     .help = "how far two numbers may lie apart, relative to the larger, and still be one"},
    {.name = "series",
     ARGUMENT(series, text),
     .argument = "SERIES",
     .unset = "it has to be given",
     .help = "a series of the training log, such as val_loss; one that is no word stands in quotes"},
    {.name = "better",
     ARGUMENT(better, choice),
     .choices = better,
     .argument = "DIRECTION",
     .help = "whether lower or higher values of the series are better",
     .unset = "its name says it: loss, error, rmse ... or accuracy, auc, f1 ..."},
    {.name = "train",
     ARGUMENT(train, text),
     .argument = "SERIES",
     .help = "the series of the train rows",
     .unset = "the one that goes with the held-out series by its name; of XGBoost's sets validation_0"},
    {.name = "at",
     ARGUMENT(at, choice),
     .choices = at,
     .argument = "EPOCH",
     .help =
         "which epoch of the held-out series is judged: the last, or the best where its weights are what is "
         "kept"},
    {0}};

const struct mlg_metric *mlg_overfit_find(const char *name)
{
    for (const struct mlg_metric *const *row = mlg_overfits; *row; row++)
        if (mlg_metric_is_called(*row, name))
            return *row;
    return NULL;
}

const struct mlg_overfit_kernel *mlg_overfit_kernel_of(const struct mlg_call *call)
{
    return call->metric->kernel;
}

/* ---- resolve ------------------------------------------------------------------------------------ */

static const char *nearest(const char *word)
{
    enum { NAMES = 64 };
    const char *names[NAMES];
    size_t count = 0;
    for (const struct mlg_metric *const *row = mlg_overfits; *row && count < NAMES; row++)
        names[count++] = (*row)->name;
    return mlg_nearest(word, names, count);
}

static int unknown(const struct mlg_check *check, struct mlg_error *error)
{
    const struct mlg_place place = {.column = check->name_offset + 1};
    const char *near = nearest(check->name);
    if (near)
        return mlg_error_at(error, MLG_CONFIG, place, "unknown quantity '%s'; did you mean '%s'?",
                            check->name, near);
    if (mlg_metric_find(check->name))
        return mlg_error_at(
            error, MLG_CONFIG, place,
            "'%s' is a quantity of the gate 'accuracy'; here gap(%s) compares it with the train "
            "score",
            check->name, check->name);
    return mlg_error_at(error, MLG_CONFIG, place, "unknown quantity '%s'; 'mlgate list' shows them all",
                        check->name);
}

/* overlap(age, sex, tolerance=0.1): what has no name is a column. */
static int resolve_columns(const struct mlg_check *check, const struct mlg_metric *metric,
                           struct mlg_arena *arena, struct mlg_call *call, struct mlg_error *error)
{
    struct mlg_check *named = MLG_NEW(arena, struct mlg_check);
    struct mlg_texts columns = {.items = MLG_NEW_ARRAY(arena, const char *, check->argument_count + 1)};
    if (!named || !columns.items)
        return mlg_error_set(error, MLG_LIMIT, "no memory to read a check");
    *named = *check;
    named->argument_count = 0;
    for (size_t i = 0; i < check->argument_count; i++) {
        const struct mlg_argument *argument = &check->arguments[i];
        const struct mlg_place place = {.column = argument->offset + 1};
        if (argument->name && strcmp(argument->name, "columns") != 0) {
            named->arguments[named->argument_count++] = *argument;
            continue;
        }
        for (size_t k = 0; k < columns.count; k++)
            if (strcmp(columns.items[k], argument->value) == 0)
                return mlg_error_at(error, MLG_CONFIG, place, "the column '%s' is named twice",
                                    argument->value);
        columns.items[columns.count++] = argument->value;
    }
    const int code = mlg_call_resolve_as(named, 0, metric, arena, call, error);
    call->arguments.columns = columns;
    return code;
}

int mlg_overfit_resolve(const struct mlg_check *check, struct mlg_arena *arena, struct mlg_call *call,
                        struct mlg_error *error)
{
    const struct mlg_metric *metric = mlg_overfit_find(check->name);
    if (!metric)
        return unknown(check, error);
    if (mlg_metric_takes_metric(metric))
        return mlg_call_resolve_of(check, metric, arena, call, error);
    return mlg_metric_has_argument(metric, "columns")
               ? resolve_columns(check, metric, arena, call, error)
               : mlg_call_resolve_as(check, 0, metric, arena, call, error);
}

void mlg_overfit_range(const struct mlg_call *call, const struct mlg_data *data, double *minimum,
                       double *maximum)
{
    *minimum = call->metric->minimum;
    *maximum = call->metric->maximum;
    if (call->metric->range)
        call->metric->range(call, data, minimum, maximum);
}

bool mlg_overfit_takes(const struct mlg_call *call, int method)
{
    const enum mlg_method usual = call->metric->method;
    if (method == MLG_METHOD_COUNT)
        return true;
    if (mlg_overfit_kernel_of(call)->exact)
        return method == (int)usual;
    if (!call->inner || usual == MLG_METHOD_T || mlg_overfit_kernel_of(call)->paired)
        return mlg_metric_takes(call->metric, method);
    if (method == (int)usual && usual == MLG_METHOD_NEWCOMBE) /* of counts */
        return call->inner->metric->method == MLG_METHOD_WILSON;
    return mlg_metric_takes(call->inner->metric, method);
}

/* ---- for the families ---------------------------------------------------------------------------- */

int mlg_overfit_directed(const struct mlg_call *call, struct mlg_error *error)
{
    const struct mlg_metric *inner = call->inner->metric;
    if (inner->direction != MLG_NO_DIRECTION)
        return MLG_OK;
    return mlg_error_set(
        error, MLG_CONFIG,
        "of '%s' neither more nor less is better; %s takes a metric of which one is, such as "
        "accuracy, roc_auc or rmse",
        inner->name, call->metric->name);
}

void mlg_overfit_difference_range(const struct mlg_call *call, const struct mlg_data *data, double *minimum,
                                  double *maximum)
{
    mlg_call_range(call->inner, data, minimum, maximum);
    const double width = *maximum - *minimum;
    *minimum = -width;
    *maximum = width;
}

void mlg_overfit_part(struct mlg_overfit_outcome *outcome, const char *name, double value)
{
    if (outcome->part_count < MLG_OVERFIT_PARTS)
        outcome->parts[outcome->part_count++] = (struct mlg_overfit_part){name, value};
}

void mlg_overfit_note(struct mlg_overfit_outcome *outcome, const char *text)
{
    if (text && outcome->note_count < sizeof outcome->notes / sizeof *outcome->notes)
        outcome->notes[outcome->note_count++] = text;
}

int mlg_overfit_missing(const struct mlg_data *data, const char *column, uint64_t missing, uint64_t rows,
                        struct mlg_arena *arena, struct mlg_error *error)
{
    char text[MLG_NUMBER_SIZE];
    if (missing == 0 || (double)missing / (double)rows <= data->max_missing)
        return MLG_OK;
    text[mlg_number_print(data->max_missing, text)] = '\0';
    return mlg_error_set(
        error, MLG_DATA,
        "%s of %s %s of '%s' %s no '%s', more than max_missing %s allows: they cannot be compared; "
        "give a larger %s%s if that is meant",
        mlg_count_text(missing, arena), mlg_count_text(rows, arena), mlg_plural(rows, "row", "rows"),
        data->name, mlg_plural(missing, "has", "have"), column, text,
        mlg_data_option(data, "max_missing", NULL).text, mlg_data_where(data).text);
}

bool mlg_overfit_has_role(const struct mlg_data *data, const char *column)
{
    const char *const roles[] = {data->label, data->prediction, data->weight, data->id,  data->cluster,
                                 data->time,  data->query,      data->fold,   data->join};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (mlg_text_equal(roles[i], column))
            return true;
    return mlg_data_is_score(data, column);
}

/* A named column that a source lacks. */
static int check_named(const struct mlg_texts *columns, const struct mlg_data *data, const char *const *names,
                       size_t count, struct mlg_arena *arena, struct mlg_error *error)
{
    for (size_t i = 0; i < columns->count; i++) {
        if (mlg_text_is_among(columns->items[i], names, count))
            continue;
        const char *near = mlg_nearest(columns->items[i], names, count);
        if (near)
            return mlg_error_set(error, MLG_CONFIG, "'%s' has no column '%s'; did you mean '%s'?", data->name,
                                 columns->items[i], near);
        return mlg_error_set(error, MLG_CONFIG, "'%s' has no column '%s'; it has %s", data->name,
                             columns->items[i], mlg_sentence_list(arena, names, count));
    }
    return MLG_OK;
}

/* "'a', 'b' and 3 more" of names that the other source lacks. */
static const char *lacking(const struct mlg_data *data, const char *const *names, size_t count,
                           const struct mlg_data *other_data, const char *const *other, size_t other_count,
                           struct mlg_arena *arena)
{
    const char **missing = MLG_NEW_ARRAY(arena, const char *, count + 1);
    size_t missing_count = 0;
    for (size_t i = 0; missing && i < count; i++)
        if (!mlg_text_is_among(names[i], other, other_count) && !mlg_overfit_has_role(data, names[i]) &&
            !mlg_overfit_has_role(other_data, names[i]) && !mlg_overfit_is_unnamed(names[i]))
            missing[missing_count++] = names[i];
    return missing && missing_count ? mlg_sentence_list(arena, missing, missing_count) : NULL;
}

/* Of columns that nobody named: one that holds more than values would only be an error of the reading. */
static int refuse_nested(const struct mlg_call *call, const struct mlg_plan *plan,
                         const struct mlg_data *data, const struct mlg_texts *columns,
                         struct mlg_error *error)
{
    for (size_t i = 0; plan->nested && i < plan->column_count; i++)
        if (plan->nested[i] && mlg_text_is_among(plan->columns[i], columns->items, columns->count))
            return mlg_error_set(
                error, MLG_CONFIG,
                "'%s' looks at columns, and '%s' of '%s' holds objects, arrays or a kind of value that is "
                "no cell; name those that are meant in 'features'",
                call->metric->name, plan->columns[i], data->name);
    return MLG_OK;
}

int mlg_overfit_columns(const struct mlg_call *call, const struct mlg_overfit_planning *planning,
                        struct mlg_texts *columns, struct mlg_error *error)
{
    const struct mlg_texts *given =
        call->arguments.columns.count ? &call->arguments.columns : &planning->options->features;
    const struct mlg_overfit_kernel *kernel = mlg_overfit_kernel_of(call);
    const bool uses_train = planning->train && !(kernel->needs & MLG_NEEDS_NO_TRAIN);
    const char *const *names, *const *train = NULL;
    size_t count = mlg_plan_columns(planning->held_out, &names), train_count = 0;
    *columns = *given;
    if (count == 0) /* a plan of keys alone */
        return MLG_OK;
    if (uses_train)
        train_count = mlg_plan_columns(planning->train, &train);
    int code = check_named(given, planning->held_out_data, names, count, planning->arena, error);
    if (code == MLG_OK && uses_train)
        code = check_named(given, planning->train_data, train, train_count, planning->arena, error);
    if (code != MLG_OK || given->count > 0)
        return code;
    if (uses_train) {
        /* A column that only one of them has cannot be compared, and who leaves it out silently compares less
         * than the user thinks. */
        const char *mine = lacking(planning->held_out_data, names, count, planning->train_data, train,
                                   train_count, planning->arena);
        const char *theirs = lacking(planning->train_data, train, train_count, planning->held_out_data, names,
                                     count, planning->arena);
        if (mine || theirs)
            return mlg_error_set(
                error, MLG_CONFIG,
                "'%s' and '%s' have different columns: %s%s%s%s%s%s%s%s; name those that are meant "
                "in 'features'",
                planning->held_out_data->name, planning->train_data->name, mine ? "only '" : "",
                mine ? planning->held_out_data->name : "", mine ? "' has " : "", mine ? mine : "",
                mine && theirs ? ", " : "", theirs ? "only '" : "", theirs ? planning->train_data->name : "",
                theirs ? mlg_arena_format(planning->arena, "' has %s", theirs) : "");
    }
    columns->items = MLG_NEW_ARRAY(planning->arena, const char *, count);
    columns->nodes = NULL;
    columns->count = 0;
    if (!columns->items)
        return mlg_error_set(error, MLG_LIMIT, "no memory to list columns");
    for (size_t i = 0; i < count; i++)
        if (!mlg_overfit_is_unnamed(names[i]) && !mlg_overfit_has_role(planning->held_out_data, names[i]) &&
            !(uses_train && mlg_overfit_has_role(planning->train_data, names[i])) &&
            (!uses_train || mlg_text_is_among(names[i], train, train_count)))
            columns->items[columns->count++] = names[i];
    code = refuse_nested(call, planning->held_out, planning->held_out_data, columns, error);
    if (code == MLG_OK && uses_train)
        code = refuse_nested(call, planning->train, planning->train_data, columns, error);
    if (code != MLG_OK || columns->count > 0)
        return code;
    const bool takes_columns = mlg_metric_has_argument(call->metric, "columns");
    return mlg_error_set(
        error, MLG_CONFIG,
        "'%s' looks at columns, and '%s' has none without a role%s; name them in 'features'%s%s%s",
        call->metric->name, planning->held_out_data->name, uses_train ? " that the train source has too" : "",
        takes_columns ? ", or as in " : "", takes_columns ? call->metric->name : "",
        takes_columns ? "(COLUMN)" : "");
}
