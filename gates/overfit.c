/* overfit: does the model know more about its training data than about the world?
 *
 * Every quantity of overfits.def against its limit: the gap between train and held-out scores, on all rows
 * and on every slice; what the rows of both share; what a constant or a simple model would do; how the
 * learning curve ran. Besides, the gate asks what no single limit asks: are train and held-out rows two sets
 * of rows, with the same labels, and does the model answer at all? */
#include <stdio.h>
#include <string.h>

#include "mlgate/by_slice.h"
#include "mlgate/curves.h"
#include "mlgate/overfit.h"
#include "mlgate/text.h"
#include "mlgate/verdict.h"

static const struct mlg_param params[] = {
    {.name = "train",
     MLG_FIELD(struct mlg_overfit_options, train, text),
     .argument = "NAME",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "comparison",
     .help = "the data source with the rows that the model was fitted to; as a flag the path of a file with "
             "the same "
             "columns",
     .unset = "nothing is compared with train rows"},
    {.name = "train_is_sample",
     MLG_FIELD(struct mlg_overfit_options, train_is_sample, boolean),
     .argument = "BOOLEAN",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "comparison",
     .help = "train is a random part of what the model was fitted to, so that its score has an error too; "
             "else it is "
             "all of it, and the score is a constant of the model"},
    {.name = "features",
     MLG_FIELD(struct mlg_overfit_options, features, texts),
     .argument = "COLUMN",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "comparison",
     .help = "the columns that rows are compared by, and that simple models are fitted to",
     .unset = "all columns that have no role"},
    {.name = "curves",
     MLG_FIELD(struct mlg_overfit_options, curves, text),
     .argument = "PATH",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "comparison",
     .help =
         "a training log, for decline, epochs_past_best and curve_gap: CSV (Keras, Lightning), JSON lines, "
         "trainer_state.json (Hugging Face), evals_result (XGBoost, LightGBM) or History.history as JSON",
     .unset = "there are no learning curves"},
    {0}};

static const struct mlg_overfit_options defaults = {0};

static const char *const source_params[] = {"train", NULL};
static const char *const file_params[] = {"curves", NULL};

/* ---- the config, judged without data ------------------------------------------------------------- */

static bool takes(const void *call, int method)
{
    return mlg_overfit_takes(call, method);
}

static bool needs_train(const struct mlg_call *call)
{
    return mlg_overfit_kernel_of(call)->needs & MLG_NEEDS_TRAIN;
}

static bool needs_rows(const struct mlg_call *call)
{
    return !(mlg_overfit_kernel_of(call)->needs & MLG_NEEDS_CURVES);
}

/* Where there is one. */
static bool looks_at_train(const struct mlg_call *call)
{
    return needs_rows(call) && !(mlg_overfit_kernel_of(call)->needs & MLG_NEEDS_NO_TRAIN);
}

/* A quantity that is none is told as such, and asks for nothing more. */
static bool overfit_needs_data(const struct mlg_gate_config *config)
{
    const struct mlg_overfit_options *options = config->options;
    bool needs = options->train || (config->checks.count == 0 && !options->curves);
    for (size_t i = 0; i < config->checks.count; i++) {
        const struct mlg_metric *metric = mlg_overfit_find(config->checks.items[i].check.name);
        needs = needs || (metric && needs_rows(&(struct mlg_call){.metric = metric}));
    }
    return needs;
}

/* What the keys of the sources can never give; `classes`: how many columns a score_prefix is taken to fit. */
static int plan_keys(struct mlg_call *call, const struct mlg_gate_config *config, const struct mlg_data *data,
                     const struct mlg_data *train, size_t classes, struct mlg_arena *arena,
                     struct mlg_error *error)
{
    void *shared[MLG_OVERFIT_FAMILIES] = {0}, *state;
    struct mlg_overfit_planning planning = {.options = config->options,
                                            .held_out = data ? mlg_plan_of_keys(data, classes, arena) : NULL,
                                            .train = train ? mlg_plan_of_keys(train, classes, arena) : NULL,
                                            .held_out_data = data,
                                            .train_data = train,
                                            .arena = arena,
                                            .shared = shared};
    if ((data && !planning.held_out) || (train && !planning.train))
        return MLG_OK;
    return mlg_overfit_kernel_of(call)->plan(call, &planning, &state, error);
}

static void check_roles(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                        const struct mlg_check_config *item, struct mlg_call *call, struct mlg_arena *arena,
                        struct mlg_diagnostics *list)
{
    const struct mlg_overfit_options *options = config->options;
    const struct mlg_data *data = mlg_suite_data(suite, config->data);
    const struct mlg_data *train = mlg_suite_data(suite, options->train);
    struct mlg_error two = {0}, more = {0};
    if ((needs_rows(call) && !data) || (data && data->has_mistakes) || (train && train->has_mistakes) ||
        (options->train && !train))
        return;
    /* Where the number of score columns is the data's to say, what is wrong whatever it is. */
    if (plan_keys(call, config, data, train, 2, arena, &two) == MLG_OK ||
        plan_keys(call, config, data, train, 3, arena, &more) == MLG_OK || strcmp(two.text, more.text) != 0)
        return;
    mlg_check_diagnose(list, MLG_ERROR, item, item->check.name_offset, "%s cannot be measured: %s",
                       item->check.name, two.text);
}

/* Of a cross-validation every held-out row is a row of train too, in the training part of other folds: rows
 * are compared fold by fold, and what looks at all of them at once cannot be told. */
static void check_folds(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                        const struct mlg_check_config *item, const struct mlg_call *call,
                        struct mlg_diagnostics *list)
{
    const struct mlg_overfit_options *options = config->options;
    const struct mlg_overfit_kernel *kernel = mlg_overfit_kernel_of(call);
    const struct mlg_data *data = mlg_suite_data(suite, config->data);
    const struct mlg_data *train = mlg_suite_data(suite, options->train);
    if (!data || !train || data->has_mistakes || train->has_mistakes || (!data->fold && !train->fold) ||
        !(kernel->needs & MLG_NEEDS_TRAIN) || !(kernel->needs & MLG_NEEDS_COLUMNS))
        return;
    const struct mlg_data *with = data->fold ? data : train, *without = data->fold ? train : data;
    if (!kernel->within_folds)
        mlg_node_diagnose(
            list, MLG_ERROR, item->node,
            "'%s' looks at all rows together, and '%s' has folds ('fold: %s'), of which each was "
            "held out of another training; judge the files of one fold",
            item->check.written, with->name, with->fold);
    else if (!without->fold)
        mlg_node_diagnose(
            list, MLG_ERROR, item->node,
            "'%s' compares the rows of each fold, and '%s' has no fold, as '%s' has; give %s%s, "
            "or judge the files of one fold",
            item->check.written, without->name, with->name, mlg_data_option(without, "fold", "COLUMN").text,
            mlg_data_where(without).text);
}

/* Some quantities look at all rows together. */
static void check_on(const struct mlg_gate_config *config, const struct mlg_check_config *item,
                     const struct mlg_call *call, struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const struct mlg_texts *on = &item->settings.on;
    if (mlg_overfit_kernel_of(call)->by_slice) {
        mlg_check_on(config, item, arena, list);
        return;
    }
    for (size_t i = 0; i < on->count; i++)
        if (strcmp(on->items[i], "all") != 0)
            mlg_node_diagnose(list, MLG_ERROR, item->node,
                              "'%s' is judged on all rows together, and 'on' names '%s'; leave 'on' out",
                              item->check.written, on->items[i]);
}

static void check_one(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                      const struct mlg_check_config *item, struct mlg_arena *arena,
                      struct mlg_diagnostics *list)
{
    const struct mlg_overfit_options *options = config->options;
    const struct mlg_check *check = &item->check;
    const struct mlg_data *data = mlg_suite_data(suite, config->data);
    struct mlg_call call;
    struct mlg_error error = {0};
    double minimum, maximum;
    if (mlg_overfit_resolve(check, arena, &call, &error) != MLG_OK) {
        mlg_check_diagnose(list, MLG_ERROR, item, error.place.column ? error.place.column - 1 : 0, "%s",
                           error.text);
        return;
    }
    mlg_overfit_range(&call, data, &minimum, &maximum);
    if (check->comparator != MLG_NO_COMPARATOR &&
        mlg_limit_judge(check->comparator, &check->limit, minimum, maximum) == MLG_LIMIT_IMPOSSIBLE)
        mlg_node_diagnose(list, MLG_ERROR, item->node, "'%s' can never hold: %s lies between %g and %g",
                          check->written, call.metric->name, minimum, maximum);
    const int method = mlg_settings_method(&item->settings);
    if (!takes(&call, method))
        mlg_node_diagnose(list, MLG_ERROR, item->node, "'interval: %s' is not for %s; use %s",
                          mlg_methods[method].name, call.metric->name,
                          mlg_settings_methods(takes, &call, arena));
    const size_t errors = list->errors;
    if (needs_train(&call) && !options->train && !mlg_gate_key_is_lost(config, "train"))
        mlg_node_diagnose(
            list, MLG_ERROR, item->node, "'%s' compares with the train rows, and the gate names none; add %s",
            check->written,
            data ? mlg_data_option(data, "train", data->from_flags ? "PATH" : "NAME").text : "'train: NAME'");
    if (!needs_rows(&call) && !options->curves && !mlg_gate_key_is_lost(config, "curves"))
        mlg_node_diagnose(list, MLG_ERROR, item->node,
                          "'%s' looks at a training log, and the gate names none; add %s", check->written,
                          config->node->origin.place.file ? "'curves: PATH'" : "--curves PATH");
    if (list->errors == errors)
        check_folds(config, suite, item, &call, list);
    if (list->errors == errors)
        check_roles(config, suite, item, &call, arena, list);
    check_on(config, item, &call, arena, list);
}

static bool has_scores(const struct mlg_data *data)
{
    return data->score.column || data->score.map.count > 0 || data->score_prefix;
}

/* Does a check set a score of train rows against one of held-out rows? */
static bool compares_scores(const struct mlg_gate_config *config, struct mlg_arena *arena)
{
    for (size_t i = 0; i < config->checks.count; i++) {
        struct mlg_call call;
        if (mlg_overfit_resolve(&config->checks.items[i].check, arena, &call, NULL) == MLG_OK && call.inner &&
            needs_train(&call))
            return true;
    }
    return false;
}

/* Two sources that mean different things by their columns have no gap. */
static void check_alike(const struct mlg_gate_config *config, const struct mlg_data *data,
                        const struct mlg_data *train, struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    static const char *const links[] = {"none", "logit", "softmax"};
    if (!data || !train || data->has_mistakes || train->has_mistakes)
        return;
    if (data->positive && train->positive && strcmp(data->positive, train->positive) != 0)
        mlg_node_diagnose(list, MLG_ERROR, config->node,
                          "'%s' and '%s' have different positive classes, '%s' and '%s': their scores are of "
                          "different things",
                          data->name, train->name, data->positive, train->positive);
    if (data->threshold < train->threshold || data->threshold > train->threshold)
        mlg_node_diagnose(
            list, MLG_ERROR, config->node,
            "'%s' and '%s' have different thresholds, %g and %g: their predictions are of different "
            "models",
            data->name, train->name, data->threshold, train->threshold);
    if (data->link != train->link && has_scores(data) && has_scores(train))
        mlg_node_diagnose(
            list, MLG_ERROR, config->node,
            "'%s' and '%s' have different links, %s and %s: their scores are on different scales", data->name,
            train->name, links[data->link], links[train->link]);
    if (!data->weight != !train->weight && compares_scores(config, arena))
        mlg_node_diagnose(list, MLG_ERROR, config->node,
                          "'%s' is weighted and '%s' is not: a weighted mean has no gap to a plain one; give "
                          "%s of both, or of neither",
                          data->weight ? data->name : train->name, data->weight ? train->name : data->name,
                          mlg_data_option(data, "weight", NULL).text);
}

static void overfit_check(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                          struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const struct mlg_overfit_options *options = config->options;
    const struct mlg_data *train = mlg_suite_data(suite, options->train);
    const struct mlg_data *data = mlg_suite_data(suite, config->data);
    if (options->train && mlg_suite_knows_data(suite) && !train) {
        const char *near = mlg_suite_nearest_data(suite, options->train, arena);
        mlg_node_diagnose(list, MLG_ERROR, config->node,
                          "the train source '%s' is not a name under 'data'%s%s%s", options->train,
                          near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    if (options->train && config->data && strcmp(options->train, config->data) == 0)
        mlg_node_diagnose(list, MLG_ERROR, config->node,
                          "train and data are both '%s': a model is judged on rows that it was not fitted to",
                          config->data);
    else if (data && train && mlg_text_equal(data->path, train->path))
        mlg_node_diagnose(
            list, MLG_ERROR, config->node,
            "train and data both read '%s': a model is judged on rows that it was not fitted to", data->path);
    else
        check_alike(config, data, train, arena, list);
    for (size_t i = 0; i < config->checks.count; i++) {
        mlg_check_once(config, i, list);
        check_one(config, suite, &config->checks.items[i], arena, list);
    }
}

static void overfit_review(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                           struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const struct mlg_overfit_options *options = config->options;
    bool compares = false;
    for (size_t i = 0; i < config->checks.count; i++) {
        const struct mlg_check_config *item = &config->checks.items[i];
        struct mlg_call call;
        double minimum, maximum;
        if (mlg_overfit_resolve(&item->check, arena, &call, NULL) != MLG_OK)
            continue;
        compares = compares || looks_at_train(&call);
        mlg_overfit_range(&call, mlg_suite_data(suite, config->data), &minimum, &maximum);
        mlg_review_check(
            item, minimum, maximum,
            call.inner && call.inner->metric->method == MLG_METHOD_NONE ? call.inner->metric->name : NULL,
            list);
    }
    if (options->train && !compares)
        mlg_node_diagnose(list, MLG_WARNING, config->node,
                          "no check compares with the train source '%s'; gap(METRIC) does", options->train);
}

static const char *overfit_doubt(const struct mlg_gate_config *config, const struct mlg_check_config *item,
                                 struct mlg_arena *arena)
{
    struct mlg_call call;
    double minimum, maximum;
    if (mlg_overfit_resolve(&item->check, arena, &call, NULL) != MLG_OK)
        return NULL;
    mlg_overfit_range(&call, NULL, &minimum, &maximum);
    enum mlg_direction direction = call.metric->direction;
    if (direction == MLG_NO_DIRECTION && call.inner) /* a value of METRIC */
        direction = call.inner->metric->direction;
    if (mlg_overfit_kernel_of(&call)->opposes)
        direction = direction == MLG_HIGHER_IS_BETTER ? MLG_LOWER_IS_BETTER : MLG_HIGHER_IS_BETTER;
    return mlg_doubt_direction(config, item, direction, minimum, maximum, arena);
}

static bool overfit_reads(const struct mlg_gate_config *config, const char *source)
{
    const struct mlg_overfit_options *options = config->options;
    return options->train && strcmp(options->train, source) == 0;
}

/* ---- plan ---------------------------------------------------------------------------------------- */

struct planned_check {
    struct mlg_call call;
    struct mlg_error error; /* it cannot be measured; the other checks go on */
    void *state;            /* the kernel's */
    unsigned reads;         /* of rows: enum mlg_reads */
};

struct overfit_state {
    struct planned_check *checks;
    bool *whole; /* [check]: judged on all rows together */
    size_t *slicings, *train_slicings;
    size_t slicing_count;
    struct mlg_same_rows *same; /* NULL: there are not two sources */
    void *shared[MLG_OVERFIT_FAMILIES];
    const struct mlg_curves *curves; /* NULL: none is given, or it cannot be read */
};

static int no_memory(const struct mlg_gate_run *run, struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory for the gate '%s'", run->config->name);
}

/* The log that `curves` names; what is wrong with it is an error of the checks that look at it. */
static int read_curves(struct mlg_gate_run *run, struct overfit_state *state, struct mlg_error *error)
{
    struct mlg_run_file *file = mlg_run_file(run, "curves");
    struct mlg_curves *curves = MLG_NEW(run->arena, struct mlg_curves);
    if (!curves)
        return no_memory(run, error);
    if (!file || !file->bytes)
        return MLG_OK;
    if (mlg_curves_parse(file->path, file->bytes, file->size, run->arena, curves, &file->error) != MLG_OK)
        return MLG_OK;
    file->format = curves->format;
    file->rows = curves->points;
    state->curves = curves;
    return MLG_OK;
}

static int overfit_plan(struct mlg_gate_run *run, struct mlg_error *error)
{
    const struct mlg_gate_config *config = run->config;
    const struct mlg_overfit_options *options = config->options;
    struct mlg_source *source = mlg_run_source(run, config->data);
    struct mlg_source *train = options->train ? mlg_run_source(run, options->train) : NULL;
    struct overfit_state *state = MLG_NEW(run->arena, struct overfit_state);
    if (!state)
        return no_memory(run, error);
    state->checks = MLG_NEW_ARRAY(run->arena, struct planned_check, config->checks.count);
    state->whole = MLG_NEW_ARRAY(run->arena, bool, config->checks.count);
    if (config->checks.count && (!state->checks || !state->whole))
        return no_memory(run, error);
    if (train && train->failed) {
        *error = train->error;
        return (int)error->code;
    }
    run->state = state;
    if (read_curves(run, state, error) != MLG_OK)
        return (int)error->code;
    if (source &&
        mlg_plan_slices(run, source->plan, &state->slicings, &state->slicing_count, error) != MLG_OK)
        return (int)error->code;
    if (train &&
        mlg_plan_slices(run, train->plan, &state->train_slicings, &state->slicing_count, error) != MLG_OK)
        return (int)error->code;
    struct mlg_overfit_planning planning = {.options = options,
                                            .held_out = source ? source->plan : NULL,
                                            .train = train ? train->plan : NULL,
                                            .held_out_data = source ? source->data : NULL,
                                            .train_data = train ? train->data : NULL,
                                            .arena = run->arena,
                                            .threads = run->threads,
                                            .seed = (uint64_t)run->suite->seed,
                                            .shared = state->shared};
    if (source && train &&
        mlg_same_rows_plan(&planning, source->is_file && train->is_file, &state->same, error) != MLG_OK)
        return (int)error->code;
    for (size_t i = 0; i < config->checks.count; i++) {
        struct planned_check *planned = &state->checks[i];
        if (mlg_overfit_resolve(&config->checks.items[i].check, run->arena, &planned->call,
                                &planned->error) != MLG_OK)
            continue;
        const struct mlg_overfit_kernel *kernel = mlg_overfit_kernel_of(&planned->call);
        state->whole[i] = !kernel->by_slice;
        planned->reads = planned->call.inner ? planned->call.inner->metric->reads : 0;
        if (!source && needs_rows(&planned->call))
            mlg_error_set(&planned->error, MLG_CONFIG, "the gate '%s' has no data", config->name);
        else
            kernel->plan(&planned->call, &planning, &planned->state, &planned->error);
    }
    return MLG_OK;
}

/* ---- judge --------------------------------------------------------------------------------------- */

struct judging {
    struct mlg_gate_run *run;
    const struct overfit_state *state;
    struct mlg_source *source, *train;
    const char *no_curves;    /* why there are none, where there are none */
    const char *other_labels; /* why the classes of the two sources are not those of one task; or NULL */
};

struct reopening {
    const struct mlg_gate_run *run;
    struct mlg_arena *arena;
};

static int reopen(void *context, const char *name, struct mlg_reader **reader, struct mlg_error *error)
{
    const struct reopening *again = context;
    for (size_t i = 0; i < again->run->source_count; i++)
        if (strcmp(again->run->sources[i].data->name, name) == 0)
            return mlg_run_reopen(again->run, &again->run->sources[i], again->arena, reader, error);
    return mlg_error_set(error, MLG_INTERNAL, "no data source is named '%s'", name);
}

static const char *overfit_refuses(void *context, size_t check)
{
    const struct judging *judging = context;
    const struct planned_check *planned = &judging->state->checks[check];
    if (planned->error.code != MLG_OK)
        return planned->error.text;
    if (!needs_rows(&planned->call) && !judging->state->curves)
        return judging->no_curves;
    return planned->reads & MLG_READS_LABEL && looks_at_train(&planned->call) ? judging->other_labels : NULL;
}

/* What the outcome tells beside the evidence. */
static void tell(const struct mlg_overfit_outcome *outcome, struct mlg_check_result *result,
                 struct mlg_arena *keep)
{
    result->parts = MLG_NEW_ARRAY(keep, struct mlg_part_result, outcome->part_count + 1);
    for (size_t i = 0; result->parts && i < outcome->part_count; i++)
        result->parts[result->part_count++] =
            (struct mlg_part_result){outcome->parts[i].name, {true, outcome->parts[i].value}};
    result->offenders = MLG_NEW_ARRAY(keep, const char *, outcome->offender_count + 1);
    for (size_t i = 0; result->offenders && i < outcome->offender_count; i++)
        if ((result->offenders[result->offender_count] = mlg_kept_text(outcome->offenders[i], keep)))
            result->offender_count++;
    if (outcome->offender_count)
        result->offenders_of = (struct mlg_optional){true, (double)outcome->offenders_of};
    for (size_t i = 0; i < outcome->note_count; i++)
        mlg_check_note(result, mlg_kept_text(outcome->notes[i], keep), keep);
}

/* What holds of all checks of a log is told once. */
static bool is_first_of_curves(const struct judging *judging, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (judging->state->checks[i].error.code == MLG_OK && !needs_rows(&judging->state->checks[i].call))
            return false;
    return !needs_rows(&judging->state->checks[index].call);
}

/* What would change the verdict. Where so many more rows would decide, the reason says so. */
static void advise(const struct mlg_overfit_outcome *outcome, const struct mlg_settings *settings,
                   struct mlg_check_result *result, struct mlg_arena *keep)
{
    const bool is_open = result->verdict == MLG_INCONCLUSIVE;
    const bool has_bounds = result->lower.known || result->upper.known;
    if (is_open && (double)result->n < (double)settings->min_rows)
        result->advice =
            "bring more held-out rows, or set 'min_rows' to what is enough; until there are so many, "
            "'on_inconclusive: warn' lets the other checks decide";
    else if (is_open && !has_bounds)
        result->advice = "where the value itself is to decide, whatever its error, set 'decide: point'";
    else if (outcome->advice && (result->verdict == MLG_FAIL || (is_open && !result->rows_needed.known)))
        result->advice = mlg_kept_text(outcome->advice, keep);
}

static int judge_check(void *context, size_t index, struct mlg_view *view, struct mlg_view *other,
                       struct mlg_arena *keep, struct mlg_check_result *result, struct mlg_error *error)
{
    const struct judging *judging = context;
    const struct mlg_check_config *item = &judging->run->config->checks.items[index];
    const struct planned_check *planned = &judging->state->checks[index];
    struct reopening again = {judging->run, view->scratch};
    struct mlg_overfit_outcome outcome = {0};
    struct mlg_evidence evidence = {0};
    struct mlg_overfit_view seen = {.options = judging->run->config->options,
                                    .held_out = *view,
                                    .curves = judging->state->curves,
                                    .check = &item->check,
                                    .confidence = item->settings.confidence,
                                    .method = mlg_settings_method(&item->settings),
                                    .threads = judging->run->threads,
                                    .seed = (uint64_t)judging->run->suite->seed,
                                    .reopen = reopen,
                                    .context = &again};
    if (other)
        seen.train = *other;
    else if (judging->train)
        seen.train_missing =
            mlg_arena_format(view->scratch, "'%s' has no rows of this slice", judging->train->data->name);
    int code = mlg_overfit_kernel_of(&planned->call)
                   ->evaluate(&planned->call, planned->state, &seen, &evidence, &outcome, error);
    /* Sorted scores are shared by the checks of a slice. */
    view->ranked = seen.held_out.ranked;
    if (other)
        other->ranked = seen.train.ranked;
    if (code == MLG_CONFIG || code == MLG_DATA) {
        mlg_check_not_measured(result, mlg_kept_text(error->text, keep));
        return MLG_OK;
    }
    if (code != MLG_OK)
        return code;
    double minimum, maximum;
    mlg_overfit_range(&planned->call, view->scan ? view->scan->data : NULL, &minimum, &maximum);
    if (view->scan && needs_rows(&planned->call))
        evidence.rows = view->scan->slicings[view->slicing].items[view->slice].rows;
    if (view->scan && planned->call.inner && mlg_call_is_macro(planned->call.inner, view->scan))
        result->average = "macro";
    struct mlg_settings settings = item->settings;
    if (evidence.kind == MLG_BOUNDS && planned->call.inner)
        settings.interval = 0; /* the bounds rest on the method that was asked for */
    mlg_check_measured(&item->check, &settings, &evidence, minimum, maximum, keep, result);
    if (outcome.no_pass && result->verdict == MLG_PASS) {
        /* The value is no part of it: a fail with one that meets the limit would contradict itself. */
        result->estimate = result->lower = result->upper = (struct mlg_optional){0};
        result->method = mlg_methods[MLG_METHOD_NONE].name;
        result->verdict = MLG_FAIL;
        result->fail_probability = 0;
        result->reason = mlg_kept_text(outcome.no_pass, keep);
    } else if (outcome.no_pass) {
        mlg_check_note(result, mlg_kept_text(outcome.no_pass, keep), keep);
    }
    tell(&outcome, result, keep);
    if (is_first_of_curves(judging, index))
        mlg_check_note(result, "one training run: another seed would give another curve", keep);
    advise(&outcome, &item->settings, result, keep);
    return MLG_OK;
}

/* The labels of `scan` that `other` does not have: "'a' and 'b'"; NULL: none. */
static const char *labels_beyond(const struct mlg_scan *scan, const struct mlg_scan *other,
                                 struct mlg_arena *arena)
{
    enum { SHOWN = 8 };
    const char *names = NULL;
    size_t count = 0;
    for (size_t k = 0; k < scan->classes.count; k++) {
        const int64_t found = mlg_class_find(&other->classes, scan->classes.names[k]);
        if (scan->classes.label_rows[k] == 0 || (found >= 0 && other->classes.label_rows[found] > 0))
            continue;
        if (count++ < SHOWN)
            names = mlg_arena_format(arena, "%s%s'%s'", names ? names : "", names ? ", " : "",
                                     scan->classes.names[k]);
    }
    return count > SHOWN ? mlg_arena_format(arena, "%s and %zu more", names, count - SHOWN) : names;
}

/* A label that only one of them has makes averages over classes two different quantities. */
static const char *other_labels(const struct mlg_scan *scan, const struct mlg_scan *train,
                                struct mlg_arena *arena)
{
    if (scan->classes.count == 0 || train->classes.count == 0 ||
        (scan->data->labels.count > 0 && train->data->labels.count > 0))
        return NULL;
    const char *mine = labels_beyond(scan, train, arena), *theirs = labels_beyond(train, scan, arena);
    if (!mine && !theirs)
        return NULL;
    return mlg_arena_format(arena,
                            "the labels are not those of one task: %s%s%s%s%s%s%s%s; name them all in "
                            "'labels' of both if that is meant",
                            mine ? "only '" : "", mine ? scan->data->name : "", mine ? "' has " : "",
                            mine ? mine : "", mine && theirs ? ", " : "", theirs ? "only '" : "",
                            theirs ? train->data->name : "",
                            theirs ? mlg_arena_format(arena, "' has %s", theirs) : "");
}

static const char *title(const struct judging *judging, struct mlg_arena *arena)
{
    const struct mlg_scan *scan = judging->source->scan, *train = judging->train->scan;
    return mlg_arena_format(arena, "%s: %s (%s %s) against %s (%s %s)", judging->run->config->name,
                            train->data->name, mlg_count_text(train->rows, arena),
                            mlg_plural(train->rows, "row", "rows"), scan->data->name,
                            mlg_count_text(scan->rows, arena), mlg_plural(scan->rows, "row", "rows"));
}

/* Why no check with a limit counts; NULL: they do. */
static const char *constant_answers(const struct judging *judging, struct mlg_arena *arena)
{
    unsigned reads = 0;
    for (size_t i = 0; i < judging->run->config->checks.count; i++)
        reads |= judging->state->checks[i].reads;
    const char *constant = mlg_constant_answers(judging->source->scan, reads, arena);
    return constant || !judging->train ? constant : mlg_constant_answers(judging->train->scan, reads, arena);
}

/* What train and held-out rows have alike that no two sets of rows have; NULL: nothing. Many rows of train
 * among the held-out ones are warned of. */
static const char *same_rows(const struct judging *judging)
{
    struct mlg_gate_run *run = judging->run;
    const struct mlg_scan *scan = judging->source->scan, *train = judging->train->scan;
    struct reopening again = {run, run->arena};
    struct mlg_overfit_view both = {.options = run->config->options,
                                    .held_out = {.scan = scan, .scratch = run->arena},
                                    .train = {.scan = train},
                                    .threads = run->threads,
                                    .seed = (uint64_t)run->suite->seed,
                                    .reopen = reopen,
                                    .context = &again};
    struct mlg_same_found found;
    mlg_same_rows_find(judging->state->same, judging->state->shared, &both, &found);
    if (!found.same && found.by)
        mlg_run_warn(run,
                     "%s of %s rows of '%s' are rows of '%s' too (%s): a model is judged on rows "
                     "that it was not fitted to",
                     mlg_count_text(found.in_train, run->arena), mlg_count_text(found.rows, run->arena),
                     scan->data->name, train->data->name, found.by);
    return found.same;
}

/* A gate whose checks look at no rows. */
static int judge_without_rows(struct judging *judging, struct mlg_gate_result *result,
                              struct mlg_error *error)
{
    struct mlg_gate_run *run = judging->run;
    const struct mlg_checks *checks = &run->config->checks;
    struct mlg_arena scratch;
    int code = MLG_OK;
    result->checks = MLG_NEW_ARRAY(run->arena, struct mlg_check_result, checks->count);
    result->reported = MLG_NEW_ARRAY(run->arena, struct mlg_check_result, checks->count);
    if (!result->checks || !result->reported)
        return no_memory(run, error);
    mlg_arena_init(&scratch, 0);
    for (size_t i = 0; i < checks->count && code == MLG_OK; i++) {
        const bool is_check = checks->items[i].check.comparator != MLG_NO_COMPARATOR;
        struct mlg_check_result *check =
            is_check ? &result->checks[result->check_count++] : &result->reported[result->reported_count++];
        struct mlg_view view = {.scratch = &scratch};
        mlg_check_result_begin(check, run->config, &checks->items[i], run->arena);
        check->warns_only = checks->items[i].settings.on_inconclusive == MLG_WARN;
        const char *why = overfit_refuses(judging, i);
        if (why)
            mlg_check_not_measured(check, why);
        else
            code = judge_check(judging, i, &view, NULL, run->arena, check, error);
        check->underlying = check->verdict;
    }
    mlg_arena_free(&scratch);
    return code;
}

/* What the slices of a check share. */
static void prepare_checks(const struct judging *judging)
{
    struct mlg_overfit_preparing preparing = {.options = judging->run->config->options,
                                              .held_out = judging->source->scan,
                                              .train = judging->train ? judging->train->scan : NULL,
                                              .arena = judging->run->arena};
    for (size_t i = 0; i < judging->run->config->checks.count; i++) {
        struct planned_check *planned = &judging->state->checks[i];
        if (planned->error.code != MLG_OK || !mlg_overfit_kernel_of(&planned->call)->prepare)
            continue;
        const int code = mlg_overfit_kernel_of(&planned->call)
                             ->prepare(&planned->call, planned->state, &preparing, &planned->error);
        if (code != MLG_OK && planned->error.code == MLG_OK)
            planned->error.code = (enum mlg_code)code;
    }
}

static int overfit_judge(struct mlg_gate_run *run, struct mlg_gate_result *result, struct mlg_error *error)
{
    const struct mlg_overfit_options *options = run->config->options;
    struct judging judging = {
        .run = run, .state = run->state, .source = mlg_run_source(run, run->config->data)};
    const struct mlg_run_file *curves = mlg_run_file(run, "curves");
    judging.no_curves =
        curves ? mlg_error_sentence(&curves->error, run->arena) : "the gate names no training log";
    judging.train = options->train ? mlg_run_source(run, options->train) : NULL;
    if (judging.train && judging.train->failed) {
        *error = judging.train->error;
        return (int)error->code;
    }
    if (!judging.source)
        return judge_without_rows(&judging, result, error);
    const struct mlg_scan *scan = judging.source->scan, *train = judging.train ? judging.train->scan : NULL;
    if (train) {
        const char *same = same_rows(&judging);
        if (same)
            return mlg_error_set(
                error, MLG_DATA,
                "'%s' and '%s' have the same %s: a model is judged on rows that it was not fitted to",
                train->data->path, scan->data->path, same);
        judging.other_labels = other_labels(scan, train, run->arena);
        const char *text = title(&judging, run->arena);
        result->title = text ? text : result->title;
    }
    prepare_checks(&judging);
    const struct mlg_by_slice by = {.run = run,
                                    .scan = scan,
                                    .slicings = judging.state->slicings,
                                    .slicing_count = judging.state->slicing_count,
                                    .other = train,
                                    .other_slicings = judging.state->train_slicings,
                                    .whole = judging.state->whole,
                                    .context = &judging,
                                    .refuses = overfit_refuses,
                                    .judge = judge_check};
    return mlg_judge_by_slice(&by, constant_answers(&judging, run->arena), result, error);
}

/* ---- controls ------------------------------------------------------------------------------------ */

/* 1,000 rows of five folds; the model has `right` in a hundred of them right, and of the fifth fold
 * `right_last`. */
static void write_folds(struct mlg_builder *out, int right, int right_last)
{
    mlg_put(out, "label,prediction,fold\n");
    for (int i = 0; i < 1000; i++) {
        const int label = i % 2, fold = i / 200;
        mlg_put_format(out, "%d,%d,%d\n", label,
                       i / 2 % 100 < (fold == 4 ? right_last : right) ? label : 1 - label, fold);
    }
}

static void write_even(struct mlg_builder *out)
{
    write_folds(out, 90, 90);
}

static void write_uneven(struct mlg_builder *out)
{
    write_folds(out, 90, 60);
}

/* `rows` rows of which the model has `right` in a hundred right. */
static void write_rows(struct mlg_builder *out, int rows, int right)
{
    mlg_put(out, "label,prediction\n");
    for (int i = 0; i < rows; i++) {
        const int label = i % 2;
        mlg_put_format(out, "%d,%d\n", label, i / 2 % 100 < right ? label : 1 - label);
    }
}

static void write_train(struct mlg_builder *out)
{
    write_rows(out, 2000, 92);
}

static void write_learnt(struct mlg_builder *out)
{
    write_rows(out, 1000, 90);
}

static void write_memorised(struct mlg_builder *out)
{
    write_rows(out, 1000, 70);
}

#define GAP_CONFIG(checks)                                                                                   \
    "version: 1\n"                                                                                           \
    "data:\n"                                                                                                \
    "  control: {path: " MLG_CONTROL_PATH ", label: label, prediction: prediction}\n"                        \
    "  train: {path: " MLG_CONTROL_OTHER_PATH ", label: label, prediction: prediction}\n"                    \
    "gates: [{gate: overfit, data: control, train: train, checks: [" checks "]}]\n"

#define CONTROL_CONFIG(checks)                                                                               \
    "version: 1\n"                                                                                           \
    "data: {control: {path: " MLG_CONTROL_PATH ", label: label, prediction: prediction, fold: fold}}\n"      \
    "gates: [{gate: overfit, checks: [" checks "]}]\n"

static void write_stopped(struct mlg_builder *out)
{
    mlg_put(out, "epoch,loss,val_loss\n0,0.7,0.8\n1,0.5,0.6\n2,0.45,0.62\n");
}

static void write_gone_on(struct mlg_builder *out)
{
    write_stopped(out);
    mlg_put(out, "3,0.3,0.7\n4,0.2,0.75\n");
}

static void write_diverged(struct mlg_builder *out)
{
    mlg_put(out, "epoch,loss,val_loss\n0,0.7,0.8\n1,0.9,0.82\n2,0.8,0.81\n");
}

#define CURVES_CONFIG                                                                                        \
    "version: 1\n"                                                                                           \
    "gates: [{gate: overfit, curves: " MLG_CONTROL_PATH ", checks: [decline(val_loss) <= 10%]}]\n"

static const struct mlg_control controls[] = {
    {.about = "a model that is right in 92 of 100 train rows and in 90 of 100 held-out ones",
     .config = GAP_CONFIG("gap(accuracy) <= 0.05, gap(f1) <= 0.05"),
     .verdict = "pass",
     .data = write_learnt,
     .other = write_train},
    {.about = "a model that is right in 92 of 100 train rows and in 70 of 100 held-out ones",
     .config = GAP_CONFIG("gap(accuracy) <= 0.05, gap(f1) <= 0.05"),
     .verdict = "fail",
     .data = write_memorised,
     .other = write_train},
    {.about = "held-out rows that are the train rows",
     .config = GAP_CONFIG("gap(accuracy) <= 0.05"),
     .verdict = "error",
     .data = write_train,
     .other = write_train},
    {.about = "a cross-validation whose folds agree",
     .config = CONTROL_CONFIG("fold_spread(accuracy) <= 0.15, fold_worst(accuracy) >= 0.8"),
     .verdict = "pass",
     .data = write_even},
    {.about = "a cross-validation with one bad fold",
     .config = CONTROL_CONFIG("fold_spread(accuracy) <= 0.15, fold_worst(accuracy) >= 0.8"),
     .verdict = "fail",
     .data = write_uneven},
    {.about = "a training that was stopped one epoch after its best",
     .config = CURVES_CONFIG,
     .verdict = "pass",
     .data = write_stopped},
    {.about = "a training that went on after its best epoch",
     .config = CURVES_CONFIG,
     .verdict = "fail",
     .data = write_gone_on},
    {.about = "a training that diverged, within the limit",
     .config = CURVES_CONFIG,
     .verdict = "fail",
     .data = write_diverged},
    {0}};

const struct mlg_gate mlg_gate_overfit = {
    .name = "overfit",
    .about = "does the model know more about its training data than about the world",
    .example = "gap(accuracy) <= 0.05",
    .example_keys = "train: train, ",
    .quantities = mlg_overfits,
    .params = params,
    .options_size = sizeof(struct mlg_overfit_options),
    .defaults = &defaults,
    .controls = controls,
    .source_params = source_params,
    .file_params = file_params,
    .needs_data = overfit_needs_data,
    .check = overfit_check,
    .review = overfit_review,
    .doubt = overfit_doubt,
    .reads = overfit_reads,
    .plan = overfit_plan,
    .judge = overfit_judge,
};
