/* Are files about the same rows? Only then do their metrics and verdicts tell of the command. */
#include <string.h>

#include "mlgate/text.h"
#include "repro_private.h"

/* Is the column what the model answers, which may move? */
static bool is_answer(const struct mlg_data *data, const char *column)
{
    return mlg_text_equal(column, data->prediction) || mlg_data_is_score(data, column);
}

int repro_check_rows(const struct repro_run *state, const struct mlg_data *data,
                     const struct mlg_texts *columns, const char *const *files, const char *const *names,
                     size_t count, const char **why, struct mlg_error *error)
{
    struct mlg_arena *arena = state->run->arena;
    const struct mlg_reader_options reader = mlg_data_reading(data);
    const size_t map = data->score.map.count;
    const char **present = MLG_NEW_ARRAY(arena, const char *, map + 2);
    const char **same = MLG_NEW_ARRAY(arena, const char *, columns->count + 3);
    size_t same_count = 0;
    if (!present || !same)
        return repro_no_memory(error);
    same[same_count++] = data->label;
    same[same_count++] = data->weight;
    same[same_count++] = data->query;
    present[0] = data->prediction;
    present[1] = data->score.column;
    for (size_t i = 0; i < map; i++)
        present[2 + i] = data->score.map.values[i];
    for (size_t i = 0; i < columns->count; i++)
        if (!is_answer(data, columns->items[i]))
            same[same_count++] = columns->items[i];
    const struct mlg_rows_options options = {.id = data->id ? data->id : state->options->id,
                                             .same = same,
                                             .same_count = same_count,
                                             .present = present,
                                             .present_count = map + 2,
                                             .reader = &reader};
    *why = NULL;
    for (size_t i = 1; i < count && !*why; i++) {
        struct mlg_error own = {0};
        const char *text = NULL;
        const int code =
            mlg_compare_rows(state->run->world, files[i], files[0], &options, arena, &text, &own);
        if (code == MLG_LIMIT || code == MLG_INTERNAL) {
            *error = own;
            return code;
        }
        if (code != MLG_OK)
            text = mlg_error_sentence(&own, arena);
        if (text)
            *why = mlg_arena_format(arena, "%s is not about the rows of %s: %s", names[i], names[0],
                                    repro_without_places(state, text));
    }
    return MLG_OK;
}

/* Columns that something judges by; a name that is none of a column is of no matter. */
struct column_list {
    struct mlg_texts columns;
    size_t capacity;
    struct mlg_arena *arena;
    bool failed;
};

static void list_column(struct column_list *list, const char *column)
{
    struct mlg_texts *columns = &list->columns;
    if (!column || list->failed || mlg_text_is_among(column, columns->items, columns->count))
        return;
    const char **items =
        mlg_arena_grow(list->arena, columns->items, &list->capacity, columns->count + 1, sizeof *items);
    list->failed = !items;
    if (!items)
        return;
    columns->items = items;
    items[columns->count++] = column;
}

static void list_slicings(struct column_list *list, const struct mlg_slicings *slicings)
{
    for (size_t i = 0; i < slicings->count; i++)
        for (size_t k = 0; k < slicings->items[i].column_count; k++)
            list_column(list, slicings->items[i].columns[k]);
}

/* The gate's slices, attributes and lists of columns, and what arguments of its checks name. */
static void list_columns(struct column_list *list, const struct mlg_gate_config *config)
{
    list_slicings(list, &config->slices);
    for (const struct mlg_param *row = config->gate->params; row && row->name; row++) {
        const void *field = (const char *)config->options + row->offset;
        if (row->kind == &mlg_kind_attributes || row->kind == &mlg_kind_slices)
            list_slicings(list, field);
        const struct mlg_texts *texts =
            row->kind == &mlg_kind_texts && mlg_text_equal(row->argument, "COLUMN") ? field : NULL;
        for (size_t i = 0; texts && i < texts->count; i++)
            list_column(list, texts->items[i]);
    }
    for (size_t c = 0; c < config->checks.count; c++)
        for (size_t i = 0; i < config->checks.items[c].check.argument_count; i++)
            list_column(list, config->checks.items[c].check.arguments[i].value);
}

/* The columns of the source that the suite's other gates judge by, beside labels and answers. */
static void list_judged_columns(const struct repro_run *state, const struct mlg_data *data,
                                struct column_list *list)
{
    const struct mlg_suite *suite = state->run->suite;
    list_column(list, data->cluster);
    list_column(list, data->time);
    list_column(list, data->fold);
    for (size_t g = 0; g < suite->gate_count; g++) {
        const struct mlg_gate_config *config = &suite->gates[g];
        const bool reads = mlg_text_equal(config->data, data->name) ||
                           (config->gate->reads && config->gate->reads(config, data->name));
        if (config->gate != state->run->config->gate && reads)
            list_columns(list, config);
    }
}

int repro_check_rows_of_sources(const struct repro_run *state, const char **why, struct mlg_error *error)
{
    struct mlg_arena *arena = state->run->arena;
    const struct mlg_map *sources = &state->options->sources;
    const char **files = MLG_NEW_ARRAY(arena, const char *, state->run_count + 1);
    const char **names = MLG_NEW_ARRAY(arena, const char *, state->run_count + 1);
    int code = files && names ? MLG_OK : repro_no_memory(error);
    for (size_t i = 0; code == MLG_OK && i < sources->count && !*why; i++) {
        const struct mlg_data *data = mlg_suite_data(state->run->suite, sources->keys[i]);
        const char *path = data ? mlg_suite_resolve_path(state->run->suite->path, data->path, arena) : NULL;
        size_t count = 0;
        if (!path || strcmp(path, "-") == 0)
            continue;
        files[count] = path;
        names[count++] = mlg_arena_format(arena, "the suite's own '%s'", data->path);
        for (size_t r = 0; r < state->run_count; r++) {
            files[count] =
                state->runs[r]->outputs[repro_output_index(state->options, sources->values[i])].path;
            names[count++] = repro_run_name(state, state->runs[r]);
        }
        struct column_list list = {.arena = arena};
        list_judged_columns(state, data, &list);
        code = list.failed ? repro_no_memory(error)
                           : repro_check_rows(state, data, &list.columns, files, names, count, why, error);
    }
    return code;
}
