/* spread: a metric measured on every run's output, and how far the values lie apart. */
#include "mlgate/spread.h"

#include <math.h>
#include <string.h>

#include "mlgate/distribution.h"
#include "mlgate/sum.h"
#include "mlgate/text.h"

struct mlg_spread mlg_spread_of(const double *values, size_t count, double confidence)
{
    struct mlg_spread spread = {.count = count, .minimum = values[0], .maximum = values[0]};
    const double runs = (double)count;
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++) {
        if (values[i] < values[spread.smallest])
            spread.smallest = i;
        if (values[i] > values[spread.largest])
            spread.largest = i;
        sum += values[i] - values[0];
    }
    spread.minimum = values[spread.smallest];
    spread.maximum = values[spread.largest];
    spread.mean = values[0] + sum / runs;
    for (size_t i = 0; i < count; i++)
        squares += (values[i] - spread.mean) * (values[i] - spread.mean);
    spread.sd = count > 1 ? sqrt(squares / (runs - 1)) : 0;
    const double t = count > 1 ? mlg_t_quantile(confidence, runs - 1) : (double)INFINITY;
    const double mean = count > 1 ? t * spread.sd / sqrt(runs) : t;
    const double next = count > 1 ? t * spread.sd * sqrt(1 + 1 / runs) : t;
    spread.all_runs = (struct mlg_limits){spread.mean, spread.mean - mean, spread.mean + mean};
    spread.next_run = (struct mlg_limits){spread.mean, spread.mean - next, spread.mean + next};
    return spread;
}

/* ---- one output, measured -------------------------------------------------------------------------- */

struct value {
    const char *name; /* of the group; NULL: all rows */
    const char *undefined;
    double value;
    uint64_t numerator, denominator, rows;
    double sampling_error;
};

struct values {
    struct value *items;
    size_t count;
    const char *undefined; /* the output cannot be measured at all */
};

static int no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory to measure what the runs wrote");
}

const char *mlg_spread_renamed(const char *text, const char *path, const char *name, struct mlg_arena *arena)
{
    struct mlg_builder renamed;
    const char *at;
    mlg_builder_init(&renamed, 0);
    while (path[0] && (at = strstr(text, path))) {
        mlg_put_bytes(&renamed, text, (size_t)(at - text));
        mlg_put(&renamed, name);
        text = at + strlen(path);
    }
    mlg_put(&renamed, text);
    const char *copy = renamed.failed ? NULL : mlg_arena_copy(arena, renamed.data, renamed.size);
    mlg_builder_free(&renamed);
    return copy ? copy : "no memory left to say what went wrong";
}

static int evaluate(const struct mlg_spread_order *order, const struct mlg_call *call,
                    const struct mlg_scan *scan, size_t slicing, size_t slice, struct mlg_arena *scratch,
                    struct mlg_arena *arena, struct value *value, struct mlg_error *error)
{
    struct mlg_view view = {.scan = scan, .slicing = slicing, .slice = slice, .scratch = scratch};
    struct mlg_evidence evidence = {0};
    const int code = mlg_call_evaluate(call, &view, &evidence, error);
    if (code != MLG_OK)
        return code;
    *value = (struct value){.value = evidence.value,
                            .numerator = evidence.numerator,
                            .denominator = evidence.denominator,
                            .rows = evidence.rows ? evidence.rows : evidence.n,
                            .sampling_error = (double)NAN};
    if (evidence.kind == MLG_UNDEFINED)
        value->undefined = evidence.reason[0] ? mlg_kept_text(evidence.reason, arena) : "it is undefined";
    const struct mlg_bounds bounds = mlg_interval(&evidence, order->confidence, MLG_METHOD_COUNT, 1);
    if (!value->undefined && bounds.known && evidence.kind != MLG_EXACT_VALUE && isfinite(bounds.lower) &&
        isfinite(bounds.upper))
        value->sampling_error = (bounds.upper - bounds.lower) / 2;
    return MLG_OK;
}

static int evaluate_all(const struct mlg_spread_order *order, const struct mlg_call *call,
                        const struct mlg_scan *scan, size_t slicing, struct mlg_arena *scratch,
                        struct mlg_arena *arena, struct values *values, struct mlg_error *error)
{
    const struct mlg_slices *slices = &scan->slicings[slicing];
    int code = MLG_OK;
    values->items = MLG_NEW_ARRAY(arena, struct value, slices->count + 1);
    if (!values->items)
        return no_memory(error);
    for (size_t i = 0; code == MLG_OK && i < slices->count; i++) {
        const struct mlg_slice *slice = &slices->items[i];
        struct value *value = &values->items[values->count];
        if (slice->rows == 0)
            continue;
        code = evaluate(order, call, scan, slicing, i, scratch, arena, value, error);
        value->rows = slice->rows;
        if (order->column)
            value->name = mlg_slice_text(slice->columns, slice->values, slice->column_count, false, arena);
        if (code == MLG_OK && order->column && !value->name)
            code = no_memory(error);
        values->count++;
    }
    return code;
}

/* Reads one run's output and measures it. */
static int measure(const struct mlg_spread_order *order, size_t run, struct mlg_arena *scratch,
                   struct mlg_arena *arena, struct values *values, struct mlg_error *error)
{
    struct mlg_data data = *order->data;
    const struct mlg_slicing slicing = {
        .written = order->column, .columns = {order->column}, .column_count = 1, .of = "group_spread"};
    struct mlg_call call = *order->call;
    struct mlg_error own = {0};
    struct mlg_reader *reader = NULL;
    struct mlg_scan *scan = NULL;
    int index = 0;
    data.path = order->files[run];
    data.origins = NULL; /* the path is no longer the one that a flag gave */
    *values = (struct values){0};
    const struct mlg_source source = {.data = &data, .is_file = true};
    int code = mlg_run_reopen(order->run, &source, scratch, &reader, &own);
    struct mlg_plan *plan = code == MLG_OK ? mlg_plan_new(&data, reader, scratch, &own) : NULL;
    if (code == MLG_OK)
        code = plan ? mlg_call_plan(&call, plan, &own) : (int)own.code;
    if (code == MLG_OK && order->column && (index = mlg_plan_slicing(plan, &slicing, &own)) < 0)
        code = (int)own.code;
    if (code == MLG_OK)
        code = mlg_scan_run(plan, reader, order->run->world, order->run->threads, scratch, &scan, &own);
    if (code == MLG_OK)
        code = evaluate_all(order, &call, scan, (size_t)index, scratch, arena, values, &own);
    if (code != MLG_OK && code != MLG_LIMIT && code != MLG_INTERNAL) {
        values->undefined =
            mlg_spread_renamed(mlg_error_sentence(&own, arena), data.path, order->output, arena);
        code = MLG_OK;
    } else if (code != MLG_OK) {
        *error = own;
    }
    mlg_scan_free(scan);
    if (reader)
        mlg_reader_close(reader);
    return code;
}

/* ---- all of them ------------------------------------------------------------------------------------- */

static const struct value *find_value(const struct values *values, const char *name)
{
    for (size_t i = 0; i < values->count; i++)
        if (mlg_text_equal(values->items[i].name, name))
            return &values->items[i];
    return NULL;
}

/* What keeps the values of a group from being compared; NULL: nothing. */
static const char *why_not(const struct mlg_spread_order *order, const struct values *all, const char *name,
                           size_t run, struct mlg_arena *arena)
{
    const char *of = order->call->metric->name, *text = NULL;
    const struct value *value = find_value(&all[run], name);
    if (!value)
        text = mlg_arena_format(arena, "%s has no rows of %s, which other runs have", order->run_names[run],
                                name ? name : "any kind");
    else if (value->undefined)
        text = mlg_arena_format(arena, "%s of %s%s%s is undefined: %s", of, order->run_names[run],
                                name ? ", " : "", name ? name : "", value->undefined);
    else if (!isfinite(value->value))
        text = mlg_arena_format(arena, "%s of %s%s%s is not finite", of, order->run_names[run],
                                name ? ", " : "", name ? name : "");
    return text;
}

static void clip(struct mlg_limits *limits, double minimum, double maximum)
{
    limits->lower = fmax(limits->lower, minimum);
    limits->upper = fmin(limits->upper, maximum);
}

static void compare(const struct mlg_spread_order *order, const struct values *all, const char *name,
                    double *numbers, struct mlg_arena *arena, struct mlg_spread_found *found)
{
    struct mlg_spread_found own = {.group = name};
    for (size_t run = 0; run < order->count; run++) {
        own.undefined = why_not(order, all, name, run, arena);
        if (own.undefined) {
            *found = own;
            return;
        }
        numbers[run] = find_value(&all[run], name)->value;
    }
    own.spread = mlg_spread_of(numbers, order->count, order->confidence);
    double minimum, maximum;
    mlg_call_range(order->call, order->data, &minimum, &maximum);
    clip(&own.spread.all_runs, minimum, maximum);
    clip(&own.spread.next_run, minimum, maximum);
    const struct value *first = find_value(&all[0], name);
    const struct value *least = find_value(&all[own.spread.smallest], name);
    const struct value *most = find_value(&all[own.spread.largest], name);
    own.value = own.spread.maximum - own.spread.minimum;
    own.rows = first->rows;
    own.sampling_error = first->sampling_error;
    if (least->denominator > 0 && least->denominator == most->denominator &&
        most->numerator >= least->numerator) {
        own.numerator = most->numerator - least->numerator;
        own.denominator = most->denominator;
        own.value = (double)own.numerator / (double)own.denominator;
    }
    if (found->spread.count == 0 || own.value > found->value)
        *found = own;
}

int mlg_spread_measure(const struct mlg_spread_order *order, struct mlg_arena *arena,
                       struct mlg_spread_found *found, struct mlg_error *error)
{
    struct mlg_arena scratch;
    struct values *all = MLG_NEW_ARRAY(arena, struct values, order->count);
    double *numbers = MLG_NEW_ARRAY(arena, double, order->count);
    int code = all && numbers ? MLG_OK : no_memory(error);
    *found = (struct mlg_spread_found){0};
    for (size_t run = 0; code == MLG_OK && run < order->count; run++) {
        mlg_arena_init(&scratch, 0);
        code = measure(order, run, &scratch, arena, &all[run], error);
        mlg_arena_free(&scratch);
    }
    if (code != MLG_OK)
        return code;
    for (size_t run = 0; run < order->count && !found->undefined; run++)
        if (all[run].undefined)
            found->undefined = mlg_arena_format(arena, "%s: %s", order->run_names[run], all[run].undefined);
    /* A group that any run has must be in all. */
    for (size_t run = 0; run < order->count && !found->undefined; run++)
        for (size_t i = 0; i < all[run].count && !found->undefined; i++)
            compare(order, all, all[run].items[i].name, numbers, arena, found);
    if (found->undefined)
        return MLG_OK;
    if (found->spread.count == 0)
        found->undefined = "the runs wrote no rows";
    return MLG_OK;
}
