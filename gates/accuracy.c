/* accuracy: is the model good enough on rows that it has not seen?
 *
 * Every quantity of metrics.def on all rows and on every slice, against its limit. Besides, the gate asks
 * what no single limit asks: has the model learnt anything at all? A constant answer over a whole table
 * whose labels vary is an error, and a limit that the best constant answer also meets is named. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlgate/disparity.h"
#include "mlgate/parallel.h"
#include "mlgate/run.h"
#include "mlgate/text.h"
#include "mlgate/verdict.h"

struct accuracy_options {
    const char *baseline;
};

static const struct mlg_param params[] = {
    {.name = "baseline",
     MLG_FIELD(struct accuracy_options, baseline, text),
     .argument = "NAME",
     .group = "comparison",
     .help =
         "the data source with the baseline's answers to the same rows, which delta(METRIC) compares with by "
         "id; as a flag the path of a file with the same columns"},
    {0}};

static const struct accuracy_options defaults = {0};

static const char *const source_params[] = {"baseline", NULL};

/* ---- the config, judged without data ------------------------------------------------------------- */

static bool takes(const void *metric, int method)
{
    return mlg_metric_takes(metric, method);
}

static bool is_delta(const struct mlg_call *call)
{
    return strcmp(call->metric->name, "delta") == 0;
}

/* A paired comparison needs a baseline, and a name for every row on both sides. */
static void check_delta(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                        const struct mlg_check_config *item, struct mlg_diagnostics *list)
{
    const struct accuracy_options *options = config->options;
    const struct mlg_data *data = mlg_suite_data(suite, config->data);
    const struct mlg_data *baseline = mlg_suite_data(suite, options->baseline);
    if (!options->baseline && data && !mlg_gate_key_is_lost(config, "baseline"))
        mlg_node_diagnose(list, MLG_ERROR, item->node,
                          "'%s' compares with a baseline, and the gate names none; add %s, %s with the "
                          "baseline's answers to the same rows",
                          item->check.written,
                          mlg_data_option(data, "baseline", data->from_flags ? "PATH" : "NAME").text,
                          data->from_flags ? "a file" : "a data source");
    if (!data || !baseline || data->has_mistakes || baseline->has_mistakes || (data->id && baseline->id))
        return;
    if (data->from_flags)
        mlg_node_diagnose(list, MLG_ERROR, item->node, "'%s' pairs rows by id; add --id COLUMN",
                          item->check.written);
    else
        mlg_node_diagnose(
            list, MLG_ERROR, item->node, "'%s' pairs rows by id; add 'id: COLUMN' under data.%s%s%s",
            item->check.written, data->id ? baseline->name : data->name,
            data->id || baseline->id ? "" : " and data.", data->id || baseline->id ? "" : baseline->name);
}

/* "accuracy >= 0.75%": who writes per cent means 75. */
static void check_percent(const struct mlg_call *call, const struct mlg_check_config *item,
                          struct mlg_diagnostics *list)
{
    const struct mlg_check *check = &item->check;
    const bool at_least = mlg_wants_more(check->comparator);
    char meant[MLG_NUMBER_SIZE];
    if (call->inner || !at_least || call->metric->direction != MLG_HIGHER_IS_BETTER ||
        !(call->metric->maximum <= 1) || !(check->limit.value > 0 && check->limit.value < 0.01) ||
        !strchr(check->written + check->limit_offset, '%'))
        return;
    mlg_number_print(check->limit.value * 10000, meant);
    mlg_check_diagnose(list, MLG_WARNING, item, check->limit_offset,
                       "the limit of '%s' is below one hundredth; did you mean %s%%?", check->written, meant);
}

/* What the keys of a source lack for the check: known before any data are read. */
static void check_roles(const struct mlg_data *data, const struct mlg_check_config *item,
                        struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    struct mlg_call call;
    struct mlg_error error = {0};
    if (!data || data->has_mistakes || mlg_call_resolve(&item->check, arena, &call, NULL) != MLG_OK)
        return;
    if (mlg_call_judge(&call, mlg_call_plan, data, arena, &error) != MLG_OK)
        mlg_check_diagnose(list, MLG_ERROR, item, item->check.name_offset, "%s cannot be measured: %s",
                           item->check.name, error.text);
}

static void check_one(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                      const struct mlg_check_config *item, struct mlg_arena *arena,
                      struct mlg_diagnostics *list)
{
    const struct mlg_check *check = &item->check;
    struct mlg_call call;
    struct mlg_error error = {0};
    double minimum, maximum;
    if (mlg_call_resolve(check, arena, &call, &error) != MLG_OK) {
        struct mlg_call of_groups;
        const char *name;
        if (!mlg_metric_find(check->name) &&
            mlg_disparity_resolve(check, arena, &of_groups, &name, NULL) == MLG_OK)
            mlg_error_at(&error, MLG_CONFIG, error.place, "'%s' compares groups, as the gate 'fairness' does",
                         check->name);
        mlg_check_diagnose(list, MLG_ERROR, item, error.place.column ? error.place.column - 1 : 0, "%s",
                           error.text);
        return;
    }
    const struct mlg_call *measured = call.inner ? call.inner : &call;
    if (measured->arguments.class_name && strcmp(measured->arguments.class_name, "*") == 0)
        mlg_check_diagnose(list, MLG_ERROR, item, check->name_offset,
                           "'class=*' takes each class in turn, as the gate 'fairness' does; name one class");
    mlg_call_range(&call, mlg_suite_data(suite, config->data), &minimum, &maximum);
    if (check->comparator != MLG_NO_COMPARATOR &&
        mlg_limit_judge(check->comparator, &check->limit, minimum, maximum) == MLG_LIMIT_IMPOSSIBLE)
        mlg_node_diagnose(list, MLG_ERROR, item->node, "'%s' can never hold: %s lies between %g and %g",
                          check->written, call.metric->name, minimum, maximum);
    int method = mlg_settings_method(&item->settings);
    if (!takes(call.inner ? call.inner->metric : call.metric, method) && !call.inner)
        mlg_node_diagnose(list, MLG_ERROR, item->node, "'interval: %s' is not for %s; use %s",
                          mlg_methods[method].name, call.metric->name,
                          mlg_settings_methods(takes, call.metric, arena));
    check_percent(&call, item, list);
    const size_t errors = list->errors;
    if (is_delta(&call))
        check_delta(config, suite, item, list);
    if (list->errors == errors)
        check_roles(mlg_suite_data(suite, config->data), item, arena, list);
    if (list->errors == errors && is_delta(&call))
        check_roles(mlg_suite_data(suite, ((const struct accuracy_options *)config->options)->baseline), item,
                    arena, list);
    mlg_check_on(config, item, arena, list);
}

static void accuracy_check(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                           struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const struct accuracy_options *options = config->options;
    if (options->baseline && mlg_suite_knows_data(suite) && !mlg_suite_data(suite, options->baseline))
        mlg_node_diagnose(list, MLG_ERROR, config->node, "the baseline '%s' is not a name under 'data'",
                          options->baseline);
    if (options->baseline && config->data && strcmp(options->baseline, config->data) == 0)
        mlg_node_diagnose(list, MLG_ERROR, config->node, "the baseline '%s' is the candidate itself",
                          options->baseline);
    for (size_t i = 0; i < config->checks.count; i++) {
        for (size_t j = 0; j < i; j++)
            if (strcmp(config->checks.items[i].check.written, config->checks.items[j].check.written) == 0)
                mlg_node_diagnose(list, MLG_ERROR, config->checks.items[i].node,
                                  "the check '%s' is written twice", config->checks.items[i].check.written);
        check_one(config, suite, &config->checks.items[i], arena, list);
    }
}

/* Has no interval, whatever the data are. (That of constant_score depends on them.) */
static bool never_has_interval(const struct mlg_call *call)
{
    if (!call->inner)
        return call->metric->method == MLG_METHOD_NONE;
    return is_delta(call) && never_has_interval(call->inner);
}

static void accuracy_review(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                            struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    bool compares = false;
    for (size_t i = 0; i < config->checks.count; i++) {
        const struct mlg_check_config *item = &config->checks.items[i];
        struct mlg_call call;
        double minimum, maximum;
        if (mlg_call_resolve(&item->check, arena, &call, NULL) != MLG_OK)
            continue;
        compares = compares || is_delta(&call);
        mlg_call_range(&call, mlg_suite_data(suite, config->data), &minimum, &maximum);
        mlg_review_check(item, minimum, maximum,
                         !never_has_interval(&call) ? NULL
                         : call.inner               ? call.inner->metric->name
                                                    : call.metric->name,
                         list);
    }
    const struct accuracy_options *options = config->options;
    if (options->baseline && !compares)
        mlg_node_diagnose(list, MLG_WARNING, config->node,
                          "no check compares with the baseline '%s'; delta(METRIC) does", options->baseline);
    (void)suite;
}

static const char *accuracy_doubt(const struct mlg_gate_config *config, const struct mlg_check_config *item,
                                  struct mlg_arena *arena)
{
    struct mlg_call call;
    double minimum, maximum;
    if (mlg_call_resolve(&item->check, arena, &call, NULL) != MLG_OK)
        return NULL;
    mlg_call_range(&call, NULL, &minimum, &maximum);
    /* A difference of two models has the direction of what it is of. */
    const struct mlg_metric *metric = is_delta(&call) ? call.inner->metric : call.metric;
    return mlg_doubt_direction(config, item, metric->direction, minimum, maximum, arena);
}

static bool accuracy_reads(const struct mlg_gate_config *config, const char *source)
{
    const struct accuracy_options *options = config->options;
    return options->baseline && strcmp(options->baseline, source) == 0;
}

/* ---- plan ---------------------------------------------------------------------------------------- */

struct planned_check {
    struct mlg_call call;
    struct mlg_error error; /* it cannot be measured; the other checks go on */
    unsigned reads;
};

struct accuracy_state {
    struct planned_check *checks;
    size_t *slicings; /* index in the plan of all rows and of each entry of `slices` */
    size_t slicing_count;
    bool compares; /* some check looks at the baseline */
};

static unsigned call_reads(const struct mlg_call *call)
{
    return call->metric->reads | (call->inner ? call_reads(call->inner) : 0);
}

static int plan_slicings(struct mlg_gate_run *run, struct mlg_plan *plan, struct accuracy_state *state,
                         struct mlg_error *error)
{
    const struct mlg_slicings *slices = &run->config->slices;
    state->slicings = MLG_NEW_ARRAY(run->arena, size_t, slices->count + 1);
    if (!state->slicings)
        return mlg_error_set(error, MLG_LIMIT, "no memory to plan the slices");
    state->slicing_count = 1; /* all rows */
    for (size_t s = 0; s < slices->count; s++) {
        int index = mlg_plan_slicing(plan, &slices->items[s], error);
        if (index < 0)
            return (int)error->code;
        state->slicings[state->slicing_count++] = (size_t)index;
    }
    return MLG_OK;
}

/* Two models may predict the same classes and still be two: their scores tell them apart. */
static void keep_scores(struct mlg_plan *candidate, struct mlg_plan *baseline)
{
    struct mlg_error error;
    if (mlg_plan_score_count(candidate) > 0 && mlg_plan_score_count(baseline) > 0 &&
        mlg_plan_keep(candidate, MLG_KEEP_SCORES, &error) == MLG_OK)
        mlg_plan_keep(baseline, MLG_KEEP_SCORES, &error);
}

static int accuracy_plan(struct mlg_gate_run *run, struct mlg_error *error)
{
    const struct mlg_gate_config *config = run->config;
    const struct accuracy_options *options = config->options;
    struct mlg_source *source = mlg_run_source(run, config->data);
    struct mlg_source *baseline = options->baseline ? mlg_run_source(run, options->baseline) : NULL;
    struct accuracy_state *state = MLG_NEW(run->arena, struct accuracy_state);
    if (!state)
        return mlg_error_set(error, MLG_LIMIT, "no memory to plan the gate '%s'", config->name);
    state->checks = MLG_NEW_ARRAY(run->arena, struct planned_check, config->checks.count);
    if (config->checks.count && !state->checks)
        return mlg_error_set(error, MLG_LIMIT, "no memory to plan the gate '%s'", config->name);
    if (!source)
        return mlg_error_set(error, MLG_CONFIG, "the gate '%s' has no data", config->name);
    if (baseline && baseline->failed) {
        *error = baseline->error;
        return (int)error->code;
    }
    run->state = state;
    if (plan_slicings(run, source->plan, state, error) != MLG_OK)
        return (int)error->code;
    for (size_t i = 0; i < config->checks.count; i++) {
        struct planned_check *planned = &state->checks[i];
        if (mlg_call_resolve(&config->checks.items[i].check, run->arena, &planned->call, &planned->error) !=
            MLG_OK)
            continue;
        planned->reads = call_reads(&planned->call);
        if (mlg_call_plan(&planned->call, source->plan, &planned->error) != MLG_OK)
            continue;
        /* The baseline is planned by a copy: the indices of its accumulators are its own. */
        if (is_delta(&planned->call)) {
            struct mlg_call copy;
            if (!baseline)
                mlg_error_set(&planned->error, MLG_CONFIG, "the gate '%s' names no baseline", config->name);
            else if (mlg_call_resolve(&config->checks.items[i].check, run->arena, &copy, &planned->error) ==
                     MLG_OK)
                mlg_call_plan(&copy, baseline->plan, &planned->error);
            state->compares = state->compares || planned->error.code == MLG_OK;
        }
    }
    if (baseline && state->compares)
        keep_scores(source->plan, baseline->plan);
    return MLG_OK;
}

/* ---- judge --------------------------------------------------------------------------------------- */

/* One slice of one slicing, with a result for every check that runs on it. */
struct slice_task {
    size_t slicing, slice;
    struct mlg_check_result *results; /* one per check */
    bool *runs;                       /* which of them */
    struct mlg_arena scratch;         /* sorted scores of this slice, freed after it */
    struct mlg_arena keep;            /* texts of the results, copied when all slices are judged */
    int code;
    struct mlg_error error;
};

struct judging {
    const struct mlg_gate_run *run;
    const struct accuracy_state *state;
    const struct mlg_scan *scan, *baseline;
    struct mlg_error unpaired; /* why there is no baseline to compare with; the other checks go on */
    struct slice_task *tasks;
    size_t task_count;
    struct mlg_on **on; /* [check][entry of `on`] */
    bool **met;         /* [check][entry]: a slice has that name */
    size_t absent_most;
};

static const struct mlg_slice *slice_of(const struct mlg_scan *scan, const struct slice_task *task)
{
    return &scan->slicings[task->slicing].items[task->slice];
}

/* Which entries of `on` name the slice; the check runs on it where one does. */
static bool runs_on(const struct mlg_settings *settings, const struct mlg_on *on,
                    const struct mlg_slicing *slicing, const struct mlg_slice *slice, bool *met)
{
    bool runs = settings->on.count == 0;
    for (size_t i = 0; i < settings->on.count; i++)
        if (mlg_on_covers(&on[i], slicing, slice->values)) {
            met[i] = true;
            runs = true;
        }
    return runs;
}

/* Beside an accuracy-like estimate: what the best constant answer would score. */
static int compare_with_constant(const struct mlg_call *call, struct mlg_view *view,
                                 const struct mlg_check *check, struct mlg_check_result *result,
                                 struct mlg_arena *arena, struct mlg_error *error)
{
    struct mlg_evidence constant = {0};
    const bool exact = call->metric->constant != NULL;
    const bool wants_less = check->comparator == MLG_AT_MOST || check->comparator == MLG_BELOW;
    if (!call->metric->accuracy_like || (!exact && !(call->metric->constant_bound && wants_less)))
        return MLG_OK;
    int code = (exact ? call->metric->constant : call->metric->constant_bound)(call, view, &constant, error);
    if (code != MLG_OK || constant.kind == MLG_UNDEFINED)
        return code;
    if (exact)
        result->constant = (struct mlg_optional){true, constant.value};
    if (check->comparator == MLG_NO_COMPARATOR || !mlg_meets(&constant, check->comparator, &check->limit))
        return MLG_OK;
    char number[2 * MLG_NUMBER_SIZE];
    snprintf(number, sizeof number, "%s%.3f", exact ? "" : "at most ", constant.value);
    result->limit_is_vacuous = true;
    mlg_check_note(
        result,
        constant.note[0]
            ? mlg_arena_format(arena, "vacuous limit: %s would also meet it, with %s", constant.note, number)
            : mlg_arena_format(arena, "vacuous limit: the best constant answer would also meet it, with %s",
                               number),
        arena);
    return MLG_OK;
}

/* Why the slice lost too many rows; NULL: it did not. */
static const char *lost_slice(const struct mlg_scan *scan, struct slice_task *task)
{
    const struct mlg_slice *slice = slice_of(scan, task);
    const struct mlg_slicing *slicing = scan->slicings[task->slicing].slicing;
    return slice->dropped ? mlg_lost_slice(scan, slice,
                                           mlg_slice_text(slice->columns, slice->values, slice->column_count,
                                                          slicing && slicing->is_comparison, &task->keep),
                                           &task->keep)
                          : NULL;
}

static int judge_check(const struct judging *judging, struct slice_task *task, size_t index,
                       struct mlg_view *view)
{
    const struct mlg_check_config *item = &judging->run->config->checks.items[index];
    const struct planned_check *planned = &judging->state->checks[index];
    struct mlg_check_result *result = &task->results[index];
    struct mlg_arena *arena = &task->keep;
    struct mlg_evidence evidence = {0};
    if (planned->error.code != MLG_OK) {
        mlg_check_not_measured(result, planned->error.text);
        return MLG_OK;
    }
    if (judging->unpaired.code != MLG_OK && is_delta(&planned->call)) {
        mlg_check_not_measured(result, judging->unpaired.text);
        return MLG_OK;
    }
    const struct mlg_slice *slice = slice_of(judging->scan, task);
    const char *lost = lost_slice(judging->scan, task);
    if (lost && (result->comparator || slice->rows == 0)) {
        mlg_check_not_measured(result, lost);
        return MLG_OK;
    }
    if (lost)
        mlg_check_note(result, lost, arena);
    if (slice->declared_absent) {
        mlg_check_not_measured(result, "no row has this value, which 'slices' declares");
        return MLG_OK;
    }
    struct mlg_error error = {0};
    int code = mlg_call_evaluate(&planned->call, view, &evidence, &error);
    if (code == MLG_CONFIG || code == MLG_DATA) { /* class=VALUE that no row has: this check alone */
        mlg_check_not_measured(result, mlg_kept_text(error.text, arena));
        return MLG_OK;
    }
    if (code == MLG_OK && evidence.kind != MLG_UNDEFINED) /* beside nothing there is nothing to compare */
        code = compare_with_constant(&planned->call, view, &item->check, result, arena, &error);
    if (code != MLG_OK) {
        task->error = error;
        return code;
    }
    double minimum, maximum;
    mlg_call_range(&planned->call, view->scan->data, &minimum, &maximum);
    evidence.rows = slice->rows;
    if (mlg_call_is_macro(&planned->call, view->scan))
        result->average = "macro";
    mlg_check_measured(&item->check, &item->settings, &evidence, minimum, maximum, arena, result);
    return MLG_OK;
}

static void judge_slice(void *context, size_t index)
{
    const struct judging *judging = context;
    struct slice_task *task = &judging->tasks[index];
    const struct mlg_gate_config *config = judging->run->config;
    struct mlg_view view = {.scan = judging->scan,
                            .baseline = judging->baseline,
                            .slicing = task->slicing,
                            .slice = task->slice,
                            .scratch = &task->scratch};
    for (size_t i = 0; task->code == MLG_OK && i < config->checks.count; i++)
        if (task->runs[i])
            task->code = judge_check(judging, task, i, &view);
    mlg_arena_free(&task->scratch);
}

/* A model that answers the same to every row has learnt nothing, however good its accuracy looks where one
 * class is common. NULL: it has not been seen to. */
static const char *constant_answers(const struct judging *judging, struct mlg_arena *arena)
{
    const struct mlg_scan *scan = judging->scan;
    const struct mlg_classes *classes = &scan->classes;
    unsigned reads = 0;
    if (scan->data->allow_constant)
        return NULL;
    for (size_t i = 0; i < judging->run->config->checks.count; i++)
        reads |= judging->state->checks[i].reads;
    size_t labels = 0, predictions = 0;
    const char *answer = "";
    for (size_t c = 0; c < classes->count; c++) {
        labels += classes->label_rows[c] > 0;
        predictions += classes->prediction_rows[c] > 0;
        if (classes->prediction_rows[c] > 0)
            answer = classes->names[c];
    }
    const char *what = NULL;
    const bool by_threshold = !scan->data->prediction && scan->score_count == 1;
    if ((reads & MLG_READS_PREDICTION) && classes->has_predictions && labels > 1 && predictions == 1 &&
        by_threshold && scan->score_ranges[0].minimum < scan->score_ranges[0].maximum)
        return mlg_arena_format(
            arena,
            "every prediction is '%s' while the labels vary: the threshold %g lies on one "
            "side of all scores, from %g to %g; set %s between them, or %s%s",
            answer, scan->data->threshold, scan->score_ranges[0].minimum, scan->score_ranges[0].maximum,
            mlg_data_option(scan->data, "threshold", NULL).text,
            mlg_data_option(scan->data, "allow_constant", "true").text, mlg_data_where(scan->data).text);
    if ((reads & MLG_READS_PREDICTION) && classes->has_predictions && labels > 1 && predictions == 1)
        what = mlg_arena_format(arena, "every prediction is '%s' while the labels vary", answer);
    bool constant_scores = scan->score_count > 0 && (reads & (MLG_READS_SCORE | MLG_READS_PROBABILITY));
    for (size_t s = 0; constant_scores && s < scan->score_count; s++)
        constant_scores = scan->score_ranges[s].minimum == scan->score_ranges[s].maximum;
    if (!what && constant_scores && labels > 1)
        what =
            mlg_arena_format(arena, "every score is %g while the labels vary", scan->score_ranges[0].minimum);
    if (!what && (reads & MLG_READS_PREDICTION_NUMBER) && (reads & MLG_READS_LABEL_NUMBER) &&
        scan->prediction_range.minimum == scan->prediction_range.maximum &&
        scan->label_range.minimum < scan->label_range.maximum)
        what = mlg_arena_format(arena, "every prediction is %g while the labels vary",
                                scan->prediction_range.minimum);
    return what ? mlg_arena_format(arena, "%s: the model has learnt nothing; if that is meant, set %s%s",
                                   what, mlg_data_option(scan->data, "allow_constant", "true").text,
                                   mlg_data_where(scan->data).text)
                : NULL;
}

/* A check on one slice, before anything was measured. False: no memory. */
static bool begin_result(const struct judging *judging, size_t check, const char *const *columns,
                         const char *const *values, size_t count, bool is_comparison,
                         struct mlg_check_result *result)
{
    const struct mlg_gate_config *config = judging->run->config;
    const struct mlg_check_config *item = &config->checks.items[check];
    struct mlg_arena *arena = judging->run->arena;
    const char *name = mlg_slice_text(columns, values, count, is_comparison, arena);
    mlg_check_result_begin(result, config, item, arena);
    result->warns_only = item->settings.on_inconclusive == MLG_WARN;
    if (name && name[0])
        result->id = mlg_arena_format(arena, "%s / %s", result->id, name);
    result->slice = MLG_NEW_ARRAY(arena, struct mlg_pair, count);
    for (size_t k = 0; result->slice && k < count; k++)
        result->slice[result->slice_count++] = (struct mlg_pair){columns[k], values[k]};
    return name && result->id && (count == 0 || result->slice);
}

/* What the entries of `on` mean, check by check, and which of them a slice has met. */
static bool read_on(struct judging *judging)
{
    const struct mlg_checks *checks = &judging->run->config->checks;
    struct mlg_arena *arena = judging->run->arena;
    judging->on = MLG_NEW_ARRAY(arena, struct mlg_on *, checks->count);
    judging->met = MLG_NEW_ARRAY(arena, bool *, checks->count);
    if (checks->count && (!judging->on || !judging->met))
        return false;
    for (size_t c = 0; c < checks->count; c++) {
        const struct mlg_texts *on = &checks->items[c].settings.on;
        judging->on[c] = MLG_NEW_ARRAY(arena, struct mlg_on, on->count + 1);
        judging->met[c] = MLG_NEW_ARRAY(arena, bool, on->count + 1);
        if (!judging->on[c] || !judging->met[c])
            return false;
        for (size_t i = 0; i < on->count; i++)
            if (!mlg_on_parse(on->items[i], &judging->on[c][i], arena))
                return false;
        judging->absent_most += on->count;
    }
    return true;
}

/* The slices of all slicings, all rows first, as tasks; results begun. */
static int make_tasks(struct judging *judging, struct mlg_arena *arena)
{
    const struct mlg_gate_config *config = judging->run->config;
    const struct accuracy_state *state = judging->state;
    const struct mlg_scan *scan = judging->scan;
    size_t count = 0;
    for (size_t s = 0; s < state->slicing_count; s++)
        count += scan->slicings[state->slicings[s]].count;
    judging->tasks = MLG_NEW_ARRAY(arena, struct slice_task, count);
    if (!judging->tasks || !read_on(judging))
        return MLG_LIMIT;
    for (size_t s = 0; s < state->slicing_count; s++) {
        const struct mlg_slices *slices = &scan->slicings[state->slicings[s]];
        bool is_comparison = slices->slicing && slices->slicing->is_comparison;
        for (size_t i = 0; i < slices->count; i++) {
            const struct mlg_slice *slice = &slices->items[i];
            struct slice_task *task = &judging->tasks[judging->task_count++];
            task->slicing = state->slicings[s];
            task->slice = i;
            task->results = MLG_NEW_ARRAY(arena, struct mlg_check_result, config->checks.count);
            task->runs = MLG_NEW_ARRAY(arena, bool, config->checks.count);
            if (!task->results || !task->runs)
                return MLG_LIMIT;
            for (size_t c = 0; c < config->checks.count; c++) {
                task->runs[c] = runs_on(&config->checks.items[c].settings, judging->on[c], slices->slicing,
                                        slice, judging->met[c]);
                if (!begin_result(judging, c, slice->columns, slice->values, slice->column_count,
                                  is_comparison, &task->results[c]))
                    return MLG_LIMIT;
            }
        }
    }
    return MLG_OK;
}

/* A slice that `on` names and no row is in: an error of its own, where the check would else vanish. */
static int add_absent(const struct judging *judging, size_t check, struct mlg_gate_result *result)
{
    const struct mlg_texts *entries = &judging->run->config->checks.items[check].settings.on;
    for (size_t i = 0; i < entries->count; i++) {
        const struct mlg_on *on = &judging->on[check][i];
        struct mlg_check_result absent;
        if (judging->met[check][i])
            continue;
        if (!begin_result(judging, check, on->columns, on->values, on->column_count, false, &absent))
            return MLG_LIMIT;
        absent.verdict = absent.underlying = MLG_VERDICT_ERROR;
        absent.reason = mlg_absent_slice(judging->scan, judging->state->slicings,
                                         judging->state->slicing_count, on, judging->run->arena);
        if (absent.comparator)
            result->checks[result->check_count++] = absent;
        else
            result->reported[result->reported_count++] = absent;
    }
    return MLG_OK;
}

/* The tasks' texts stand in arenas of their own, since an arena belongs to one thread at a time. */
static int settle(struct slice_task *task, size_t checks, struct mlg_arena *arena)
{
    int code = MLG_OK;
    for (size_t c = 0; c < checks; c++) {
        struct mlg_check_result *check = &task->results[c];
        if (check->reason && !(check->reason = mlg_arena_copy(arena, check->reason, strlen(check->reason))))
            code = MLG_LIMIT;
        const char **notes = MLG_NEW_ARRAY(arena, const char *, check->note_count);
        for (size_t i = 0; notes && i < check->note_count; i++)
            if (!(notes[i] = mlg_arena_copy(arena, check->notes[i], strlen(check->notes[i]))))
                code = MLG_LIMIT;
        check->notes = notes;
        if (check->note_count && !notes)
            code = MLG_LIMIT;
    }
    mlg_arena_free(&task->keep);
    return code;
}

/* Check by check, each on all rows first and then on its slices. */
static int collect(const struct judging *judging, const char *constant, struct mlg_arena *arena,
                   struct mlg_gate_result *result)
{
    const struct mlg_gate_config *config = judging->run->config;
    size_t most = config->checks.count * judging->task_count + judging->absent_most;
    result->checks = MLG_NEW_ARRAY(arena, struct mlg_check_result, most);
    result->reported = MLG_NEW_ARRAY(arena, struct mlg_check_result, most);
    if (most && (!result->checks || !result->reported))
        return MLG_LIMIT;
    for (size_t c = 0; c < config->checks.count; c++) {
        for (size_t t = 0; t < judging->task_count; t++) {
            struct mlg_check_result *check = &judging->tasks[t].results[c];
            if (!judging->tasks[t].runs[c])
                continue;
            if (!check->comparator) {
                result->reported[result->reported_count++] = *check;
                continue;
            }
            if (constant) {
                check->verdict = MLG_VERDICT_ERROR;
                check->reason = constant;
            }
            check->underlying = check->verdict;
            result->checks[result->check_count++] = *check;
        }
        if (add_absent(judging, c, result) != MLG_OK)
            return MLG_LIMIT;
    }
    return MLG_OK;
}

static bool equal_columns(const struct mlg_column_or_map *a, const struct mlg_column_or_map *b)
{
    bool equal = mlg_text_equal(a->column, b->column) && a->map.count == b->map.count;
    for (size_t i = 0; equal && i < a->map.count; i++)
        equal =
            strcmp(a->map.keys[i], b->map.keys[i]) == 0 && strcmp(a->map.values[i], b->map.values[i]) == 0;
    return equal;
}

/* The same answers out of the same content, known before any row is paired. One file may hold the answers of
 * two models, in columns of their own. */
static bool is_same_model(const struct mlg_scan *scan, const struct mlg_scan *baseline)
{
    const struct mlg_data *a = scan->data, *b = baseline->data;
    return strcmp(scan->summary.content, baseline->summary.content) == 0 &&
           mlg_text_equal(a->prediction, b->prediction) && mlg_text_equal(a->score_prefix, b->score_prefix) &&
           equal_columns(&a->score, &b->score);
}

/* Told once a column, however many comparisons look at it. */
static void warn_of_uncompared(struct mlg_gate_run *run, const struct mlg_scan *scan)
{
    const struct accuracy_state *state = run->state;
    for (size_t s = 0; s < state->slicing_count; s++) {
        const struct mlg_slices *slices = &scan->slicings[state->slicings[s]];
        bool is_told = slices->uncompared == 0;
        for (size_t k = 0; k < s && !is_told; k++) {
            const struct mlg_slices *earlier = &scan->slicings[state->slicings[k]];
            is_told = earlier->uncompared > 0 &&
                      strcmp(earlier->slicing->columns[0], slices->slicing->columns[0]) == 0;
        }
        if (!is_told)
            mlg_run_warn(
                run,
                mlg_arena_format(run->arena,
                                 "%llu of %llu %s of '%s' %s no '%s': no slice that compares it holds "
                                 "them",
                                 (unsigned long long)slices->uncompared, (unsigned long long)scan->rows,
                                 mlg_plural(scan->rows, "row", "rows"), scan->data->name,
                                 mlg_plural(slices->uncompared, "has", "have"), slices->slicing->columns[0]));
    }
}

static int accuracy_judge(struct mlg_gate_run *run, struct mlg_gate_result *result, struct mlg_error *error)
{
    const struct accuracy_options *options = run->config->options;
    struct mlg_source *source = mlg_run_source(run, run->config->data);
    struct mlg_source *baseline = options->baseline ? mlg_run_source(run, options->baseline) : NULL;
    struct judging judging = {.run = run, .state = run->state, .scan = source->scan};
    if (baseline && baseline->failed) {
        *error = baseline->error;
        return (int)error->code;
    }
    if (baseline && baseline->scan && is_same_model(source->scan, baseline->scan))
        return mlg_error_set(
            error, MLG_DATA,
            "the baseline '%s' is the candidate itself: both files have the same content, and "
            "the same columns of it are read",
            baseline->data->name);
    if (baseline && baseline->scan && judging.state->compares) {
        struct mlg_scan *aligned = NULL;
        const int unpaired =
            mlg_scan_align(source->scan, baseline->scan, run->arena, &aligned, &judging.unpaired);
        if (unpaired != MLG_OK && unpaired != MLG_DATA) {
            *error = judging.unpaired;
            return unpaired;
        }
        if (aligned && mlg_scan_same_answers(source->scan, aligned))
            return mlg_error_set(error, MLG_DATA,
                                 "the baseline '%s' cannot be told from the candidate: both answer every row "
                                 "alike, so that nothing is compared; name another model's answers%s",
                                 baseline->data->name,
                                 aligned->kept.scores ? "" : ", or scores that tell the two apart");
        judging.baseline = aligned;
    }
    warn_of_uncompared(run, source->scan);
    if (make_tasks(&judging, run->arena) != MLG_OK)
        return mlg_error_set(error, MLG_LIMIT, "no memory to judge the gate '%s'", run->config->name);
    mlg_parallel(run->threads, judging.task_count, judge_slice, &judging);
    int code = MLG_OK;
    for (size_t t = 0; t < judging.task_count; t++) {
        struct slice_task *task = &judging.tasks[t];
        int settled = settle(task, run->config->checks.count, run->arena);
        if (code == MLG_OK && (code = task->code) != MLG_OK)
            *error = task->error;
        else if (code == MLG_OK && settled != MLG_OK)
            code = mlg_error_set(error, MLG_LIMIT, "no memory to judge the gate '%s'", run->config->name);
    }
    if (code != MLG_OK)
        return code;
    const char *constant = constant_answers(&judging, run->arena);
    if (collect(&judging, constant, run->arena, result) != MLG_OK)
        return mlg_error_set(error, MLG_LIMIT, "no memory to judge the gate '%s'", run->config->name);
    result->error = constant ? constant
                             : mlg_unreached_slice(run->config, source->scan, judging.state->slicings,
                                                   judging.state->slicing_count, run->arena);
    return MLG_OK;
}

/* ---- controls ------------------------------------------------------------------------------------ */

/* 1,000 rows, half of them positive, of which so many in a hundred are right. */
static void write_rows(struct mlg_builder *out, int right)
{
    enum { ROWS = 1000 };
    mlg_put(out, "label,prediction\n");
    for (int i = 0; i < ROWS; i++) {
        const int label = i % 2;
        mlg_put_format(out, "%d,%d\n", label, i / 2 % 100 < right ? label : 1 - label);
    }
}

static void write_good(struct mlg_builder *out)
{
    write_rows(out, 90);
}

static void write_bad(struct mlg_builder *out)
{
    write_rows(out, 60);
}

/* Answers 1 to everything: half of them right. */
static void write_constant(struct mlg_builder *out)
{
    mlg_put(out, "label,prediction\n");
    for (int i = 0; i < 1000; i++)
        mlg_put_format(out, "%d,1\n", i % 10 != 0);
}

#define CONTROL_CONFIG(checks)                                                                               \
    "version: 1\n"                                                                                           \
    "data: {control: {path: " MLG_CONTROL_PATH ", label: label, prediction: prediction}}\n"                  \
    "gates: [{gate: accuracy, checks: [" checks "]}]\n"

static const struct mlg_control controls[] = {
    {.about = "a model that is right in 90 of 100 rows",
     .config = CONTROL_CONFIG("accuracy >= 0.85, f1 >= 0.85, mcc >= 0.7"),
     .verdict = "pass",
     .data = write_good},
    {.about = "a model that is right in 60 of 100 rows",
     .config = CONTROL_CONFIG("accuracy >= 0.85, f1 >= 0.85, mcc >= 0.7"),
     .verdict = "fail",
     .data = write_bad},
    {.about = "a limit that the rows can neither prove nor refute",
     .config = CONTROL_CONFIG("accuracy >= 0.9"),
     .verdict = "inconclusive",
     .data = write_good},
    {.about = "a model that gives the same answer to every row",
     .config = CONTROL_CONFIG("accuracy >= 0.85"),
     .verdict = "error",
     .data = write_constant},
    {0}};

const struct mlg_gate mlg_gate_accuracy = {
    .name = "accuracy",
    .about = "is the model good enough on rows that it has not seen, overall and on every slice",
    .example = "roc_auc >= 0.85",
    .params = params,
    .options_size = sizeof(struct accuracy_options),
    .defaults = &defaults,
    .controls = controls,
    .source_params = source_params,
    .check = accuracy_check,
    .review = accuracy_review,
    .doubt = accuracy_doubt,
    .reads = accuracy_reads,
    .plan = accuracy_plan,
    .judge = accuracy_judge,
};
