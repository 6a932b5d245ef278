/* How far a metric spreads over runs or seeds, what is told of it, and the noise floor that it leaves. */
#include <math.h>
#include <string.h>

#include "mlgate/text.h"
#include "repro_private.h"

/* How the columns of an output are read. */
static struct mlg_data data_of(const struct repro_run *state, const char *file)
{
    const struct repro_options *options = state->options;
    const struct mlg_data *source = repro_source_of(options, state->run->suite, file);
    struct mlg_data data = source ? *source : mlg_data_defaults;
    if (source)
        return data;
    data.name = file;
    data.label = options->label;
    data.prediction = options->prediction;
    data.score.column = options->score.count == 1 ? options->score.items[0] : NULL;
    data.positive = options->positive;
    return data;
}

/* "seed 7", of which one run stands for all; "run 2" */
static const char *spread_name(const struct repro_run *state, const struct mlg_rerun_run *run)
{
    return run->seed ? mlg_arena_format(state->run->arena, "seed %s", run->seed) : repro_run_name(state, run);
}

/* METRIC on these copies of FILE. */
static int find_spread_of(const struct repro_run *state, size_t check, const char *const *files,
                          const char *const *names, size_t count, struct finding *finding,
                          struct mlg_error *error)
{
    const struct mlg_call *call = &state->calls[check];
    const struct mlg_data data = data_of(state, call->arguments.file);
    struct mlg_spread_found *found = MLG_NEW(state->run->arena, struct mlg_spread_found);
    if (!found)
        return repro_no_memory(error);
    const struct mlg_spread_order order = {.run = state->run,
                                           .data = &data,
                                           .call = call->inner,
                                           .column = call->arguments.column,
                                           .output = call->arguments.file,
                                           .files = files,
                                           .run_names = names,
                                           .count = count,
                                           .confidence =
                                               state->run->config->checks.items[check].settings.confidence};
    const int code = mlg_spread_measure(&order, state->run->arena, found, error);
    *finding = (struct finding){.value = found->value, .undefined = found->undefined, .spread = found};
    return code;
}

enum { MOST_ARTEFACTS = 2 };

/* FILE as these runs wrote it, with their names, and room for what is there already. */
static int list_files(const struct repro_run *state, size_t check, const struct mlg_rerun_run *const *runs,
                      size_t count, const char ***files, const char ***names, struct mlg_error *error)
{
    struct mlg_arena *arena = state->run->arena;
    const size_t output = repro_output_index(state->options, state->calls[check].arguments.file);
    *files = MLG_NEW_ARRAY(arena, const char *, count + MOST_ARTEFACTS);
    *names = MLG_NEW_ARRAY(arena, const char *, count + MOST_ARTEFACTS);
    if (!*files || !*names)
        return repro_no_memory(error);
    for (size_t r = 0; r < count; r++) {
        (*files)[r] = runs[r]->outputs[output].path;
        (*names)[r] = spread_name(state, runs[r]);
    }
    return MLG_OK;
}

/* In place of outputs that are directories the tables in them; what takes the place of a source is a file. */
static int find_tables(const struct repro_run *state, const char *output, const char **files, size_t count,
                       struct mlg_error *error)
{
    const struct mlg_data data = data_of(state, output);
    const char *column = data.prediction     ? data.prediction
                         : data.score.column ? data.score.column
                                             : data.label;
    return !column || repro_source_of(state->options, state->run->suite, output)
               ? MLG_OK
               : repro_find_tables(state, column, files, count, error);
}

int repro_find_spread(const struct repro_run *state, size_t check, const struct mlg_rerun_run *const *runs,
                      size_t count, struct finding *finding, struct mlg_error *error)
{
    const char **files, **names;
    int code = list_files(state, check, runs, count, &files, &names, error);
    if (code == MLG_OK)
        code = find_tables(state, state->calls[check].arguments.file, files, count, error);
    return code == MLG_OK ? find_spread_of(state, check, files, names, count, finding, error) : code;
}

/* What is there already of FILE: the file of `against`, and the suite's own that it takes the place of. */
static int list_artefacts(const struct repro_run *state, const char *file, const char **files,
                          const char **names, size_t *count, struct mlg_error *error)
{
    struct mlg_arena *arena = state->run->arena;
    const struct mlg_data *source = repro_source_of(state->options, state->run->suite, file);
    if (state->options->against) {
        const int code =
            repro_find_against(state, repro_output_index(state->options, file), &files[*count], error);
        if (code != MLG_OK)
            return code;
        names[(*count)++] = mlg_arena_format(arena, "the artefact '%s'", state->options->against);
    }
    const char *path = source ? mlg_suite_resolve_path(state->run->suite->path, source->path, arena) : NULL;
    if (source && !path)
        return repro_no_memory(error);
    if (path && strcmp(path, "-") != 0 && (*count == 0 || strcmp(path, files[*count - 1]) != 0)) {
        files[*count] = path;
        names[(*count)++] = mlg_arena_format(arena, "the suite's own '%s'", source->path);
    }
    return MLG_OK;
}

/* One run of each seed; without seeds all. */
static size_t list_spread_runs(const struct repro_run *state, const struct mlg_rerun_run **runs)
{
    size_t count = 0;
    for (size_t r = 0; r < state->run_count; r++)
        if (state->options->seeds.count == 0 || repro_base_of(state, state->runs[r]) == state->runs[r])
            runs[count++] = state->runs[r];
    return count;
}

int repro_find_spread_of_all(const struct repro_run *state, size_t check, struct finding *worst,
                             struct mlg_error *error)
{
    const struct mlg_call *call = &state->calls[check];
    const struct mlg_rerun_run **runs =
        MLG_NEW_ARRAY(state->run->arena, const struct mlg_rerun_run *, state->run_count);
    const char **files, **names, *why = NULL;
    const struct mlg_data data = data_of(state, call->arguments.file);
    const char *column = call->arguments.column;
    if (!runs)
        return repro_no_memory(error);
    size_t count = list_spread_runs(state, runs);
    const size_t own = count;
    struct finding with;
    int code = list_files(state, check, runs, count, &files, &names, error);
    if (code == MLG_OK)
        code = list_artefacts(state, call->arguments.file, files, names, &count, error);
    if (code == MLG_OK)
        code = find_tables(state, call->arguments.file, files, count, error);
    if (code == MLG_OK)
        code = find_spread_of(state, check, files, names, own, worst, error);
    if (code == MLG_OK && !worst->undefined)
        code = repro_check_rows(state, &data,
                                &(const struct mlg_texts){.items = &column, .count = column != NULL}, files,
                                names, count, &why, error);
    if (why)
        worst->undefined = why;
    if (code != MLG_OK || count == own || worst->undefined)
        return code;
    code = find_spread_of(state, check, files, names, count, &with, error);
    if (code != MLG_OK || !(with.undefined || with.value > worst->value))
        return code;
    worst->undefined = with.undefined;
    worst->value = with.value;
    worst->spread_with = with.spread;
    const size_t smallest = with.spread->spread.smallest;
    worst->with_whom = names[smallest >= own ? smallest : with.spread->spread.largest];
    return MLG_OK;
}

/* ---- what is told of it ----------------------------------------------------------------------------- */

enum { ENOUGH_RUNS = 5 };

static void add_part(struct mlg_check_result *result, const char *name, double value)
{
    result->parts[result->part_count++] = (struct mlg_part_result){name, {isfinite(value), value}};
}

void repro_note_spread(const struct repro_run *state, const struct mlg_call *call,
                       const struct finding *finding, struct mlg_check_result *result)
{
    struct mlg_arena *arena = state->run->arena;
    const struct mlg_spread_found *found = finding->spread;
    const struct mlg_spread *spread = &found->spread;
    const bool seeds = state->options->seeds.count > 0;
    const char *word = seeds ? "seeds" : "runs", *metric = call->inner->metric->name;
    const struct mlg_rerun_run **runs = MLG_NEW_ARRAY(arena, const struct mlg_rerun_run *, state->run_count);
    result->parts = MLG_NEW_ARRAY(arena, struct mlg_part_result, 4);
    if (!runs || !result->parts)
        return;
    list_spread_runs(state, runs);
    result->n = result->rows = spread->count;
    add_part(result, "smallest", spread->minimum);
    add_part(result, "largest", spread->maximum);
    add_part(result, "mean", spread->mean);
    add_part(result, "sd", spread->sd);
    if (finding->spread_with)
        repro_note(result, arena,
                   "with %s, which counts as one more, %s%s%s spreads over [%.4g, %.4g]; smallest, "
                   "largest and what follows are over the %s alone",
                   finding->with_whom, metric, finding->spread_with->group ? " of " : "",
                   finding->spread_with->group ? finding->spread_with->group : "",
                   finding->spread_with->spread.minimum, finding->spread_with->spread.maximum, word);
    const char *where = spread->sd > 0 ? mlg_arena_format(arena, "smallest with %s, largest with %s",
                                                          spread_name(state, runs[spread->smallest]),
                                                          spread_name(state, runs[spread->largest]))
                                       : mlg_arena_format(arena, "%.4g with each", spread->mean);
    repro_note(result, arena, "%s%s%s over %zu %s: %s", metric, found->group ? " of " : "",
               found->group ? found->group : "", spread->count, word, where);
    if (spread->sd > 0)
        repro_note(result, arena,
                   "bounds at %.4g %% each: mean of all %s [%.4g, %.4g], next run [%.4g, %.4g]",
                   100 * result->confidence, word, spread->all_runs.lower, spread->all_runs.upper,
                   spread->next_run.lower, spread->next_run.upper);
    else if (seeds)
        repro_note(result, arena,
                   "every seed gives the same %s: nothing depends on it, or the "
                   "command does not use it",
                   metric);
    if (spread->count < ENOUGH_RUNS)
        repro_note(result, arena, "the spread of %zu %s says little; take %d or more", spread->count, word,
                   ENOUGH_RUNS);
    if (!isfinite(found->sampling_error))
        return;
    const char *error =
        mlg_arena_format(arena, "sampling error of %s %s +-%.2g", mlg_count_text(found->rows, arena),
                         mlg_plural(found->rows, "row", "rows"), found->sampling_error);
    mlg_check_note(result,
                   spread->sd > 0
                       ? mlg_arena_format(arena, "spread over %s %.2g; %s: %s", word, found->value, error,
                                          found->value <= found->sampling_error
                                              ? "these rows cannot see a difference of that size"
                                              : "runs lie further apart than that: compare several, not one")
                       : mlg_arena_format(arena, "no spread over %s; %s", word, error),
                   arena);
}

static bool same_arguments(const struct mlg_noise_floor *a, const struct mlg_noise_floor *b)
{
    bool same = a->argument_count == b->argument_count;
    for (size_t i = 0; same && i < a->argument_count; i++)
        same = strcmp(a->arguments[i].key, b->arguments[i].key) == 0 &&
               strcmp(a->arguments[i].value, b->arguments[i].value) == 0;
    return same && strcmp(a->metric, b->metric) == 0 && strcmp(a->file, b->file) == 0 &&
           mlg_text_equal(a->column, b->column);
}

/* One of the spread itself; the metric's stand behind them. */
static bool is_own_argument(const char *name, bool has_column)
{
    return strcmp(name, "file") == 0 || strcmp(name, "metric") == 0 ||
           (has_column && strcmp(name, "column") == 0);
}

/* The arguments of METRIC. False: no memory. */
static bool list_arguments(const struct mlg_check *check, struct mlg_noise_floor *floor,
                           struct mlg_arena *arena)
{
    const bool has_column = floor->column != NULL;
    const size_t own = has_column ? 3 : 2;
    size_t skipped = 0;
    floor->arguments = MLG_NEW_ARRAY(arena, struct mlg_pair, check->argument_count + 1);
    if (!floor->arguments)
        return false;
    for (size_t i = 0; i < check->argument_count; i++)
        skipped += check->arguments[i].name && is_own_argument(check->arguments[i].name, has_column);
    for (size_t i = 0; i < check->argument_count; i++) {
        const struct mlg_argument *argument = &check->arguments[i];
        if (argument->name ? is_own_argument(argument->name, has_column) : skipped++ < own)
            continue;
        floor->arguments[floor->argument_count++] =
            (struct mlg_pair){argument->name ? argument->name : "", argument->value};
    }
    return true;
}

void repro_add_noise_floor(struct repro_run *state, size_t check, const struct finding *finding)
{
    const struct mlg_call *call = &state->calls[check];
    const struct mlg_spread_found *found = finding->spread;
    if (found->spread.count < 2)
        return;
    struct mlg_noise_floor floor = {
        .metric = call->inner->metric->name,
        .file = call->arguments.file,
        .column = call->arguments.column,
        .group = found->group,
        .over = state->options->seeds.count > 0 ? "seeds" : "runs",
        .runs = found->spread.count,
        .mean = found->spread.mean,
        .sd = found->spread.sd,
        .spread = found->value,
        .rows = found->rows,
        .sampling_error = {isfinite(found->sampling_error), found->sampling_error}};
    if (!list_arguments(&state->run->config->checks.items[check].check, &floor, state->run->arena))
        return;
    for (size_t i = 0; i < state->floor_count; i++)
        if (same_arguments(&state->floors[i], &floor))
            return;
    state->floors[state->floor_count++] = floor;
}
