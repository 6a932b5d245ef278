/* accuracy: is the model good enough on rows that it has not seen?
 *
 * Every quantity of metrics.def on all rows and on every slice, against its limit. Besides, the gate asks
 * what no single limit asks: has the model learnt anything at all? A constant answer over a whole table
 * whose labels vary is an error, and a limit that the best constant answer also meets is named. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlgate/by_slice.h"
#include "mlgate/disparity.h"
#include "mlgate/text.h"
#include "mlgate/verdict.h"

struct accuracy_options {
    const char *baseline;
};

static const struct mlg_param params[] = {
    {.name = "baseline",
     MLG_FIELD(struct accuracy_options, baseline, text),
     .argument = "NAME",
     .weaker = MLG_WEAKER_CHANGED,
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
        mlg_check_once(config, i, list);
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
    if (mlg_plan_slices(run, source->plan, &state->slicings, &state->slicing_count, error) != MLG_OK)
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

struct judging {
    const struct mlg_gate_run *run;
    const struct accuracy_state *state;
    struct mlg_error unpaired; /* why there is no baseline to compare with; the other checks go on */
};

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

/* Why a check cannot be measured on any slice. */
static const char *accuracy_refuses(void *context, size_t check)
{
    const struct judging *judging = context;
    const struct planned_check *planned = &judging->state->checks[check];
    if (planned->error.code != MLG_OK)
        return planned->error.text;
    return judging->unpaired.code != MLG_OK && is_delta(&planned->call) ? judging->unpaired.text : NULL;
}

static int judge_check(void *context, size_t index, struct mlg_view *view, struct mlg_view *other,
                       struct mlg_arena *arena, struct mlg_check_result *result, struct mlg_error *error)
{
    const struct judging *judging = context;
    const struct mlg_check_config *item = &judging->run->config->checks.items[index];
    const struct planned_check *planned = &judging->state->checks[index];
    struct mlg_evidence evidence = {0};
    (void)other;
    int code = mlg_call_evaluate(&planned->call, view, &evidence, error);
    if (code == MLG_CONFIG || code == MLG_DATA) { /* class=VALUE that no row has: this check alone */
        mlg_check_not_measured(result, mlg_kept_text(error->text, arena));
        return MLG_OK;
    }
    if (code == MLG_OK && evidence.kind != MLG_UNDEFINED) /* beside nothing there is nothing to compare */
        code = compare_with_constant(&planned->call, view, &item->check, result, arena, error);
    if (code != MLG_OK)
        return code;
    double minimum, maximum;
    mlg_call_range(&planned->call, view->scan->data, &minimum, &maximum);
    evidence.rows = view->scan->slicings[view->slicing].items[view->slice].rows;
    if (mlg_call_is_macro(&planned->call, view->scan))
        result->average = "macro";
    mlg_check_measured(&item->check, &item->settings, &evidence, minimum, maximum, arena, result);
    return MLG_OK;
}

/* What the checks read of a row. */
static unsigned reads_of(const struct accuracy_state *state, size_t checks)
{
    unsigned reads = 0;
    for (size_t i = 0; i < checks; i++)
        reads |= state->checks[i].reads;
    return reads;
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

static int accuracy_judge(struct mlg_gate_run *run, struct mlg_gate_result *result, struct mlg_error *error)
{
    const struct accuracy_options *options = run->config->options;
    struct mlg_source *source = mlg_run_source(run, run->config->data);
    struct mlg_source *baseline = options->baseline ? mlg_run_source(run, options->baseline) : NULL;
    struct judging judging = {.run = run, .state = run->state};
    const struct mlg_scan *paired = NULL;
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
        paired = aligned;
    }
    const struct mlg_by_slice by = {.run = run,
                                    .scan = source->scan,
                                    .slicings = judging.state->slicings,
                                    .slicing_count = judging.state->slicing_count,
                                    .baseline = paired,
                                    .context = &judging,
                                    .refuses = accuracy_refuses,
                                    .judge = judge_check};
    const unsigned reads = reads_of(judging.state, run->config->checks.count);
    return mlg_judge_by_slice(&by, mlg_constant_answers(source->scan, reads, run->arena), result, error);
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
    .quantities = mlg_metrics,
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
