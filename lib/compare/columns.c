/* columns: which files of a directory are tables with a column, for what asks for it by name. */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

static bool has_column(const struct mlg_world *world, const char *path, const char *column)
{
    struct mlg_arena arena;
    const char *const *names;
    size_t count;
    mlg_arena_init(&arena, 0);
    const bool has = table_columns(world, path, NULL, &arena, &names, &count, NULL) == 0 &&
                     mlg_text_is_among(column, names, count);
    mlg_arena_free(&arena);
    return has;
}

int mlg_compare_tables_with(const struct mlg_world *world, const char *directory, const char *column,
                            const struct mlg_compare_options *options, struct mlg_arena *arena,
                            const char *const **files, size_t *count, struct mlg_error *error)
{
    static const char *const itself[] = {""};
    struct file_list list;
    *files = itself;
    *count = 1;
    if (!is_directory(world, directory))
        return 0;
    struct context *context = context_begin(options, arena, error);
    if (!context)
        return MLG_LIMIT;
    int code = list_files(context, world, directory, &list);
    const char **found = code ? NULL : MLG_NEW_ARRAY(arena, const char *, list.count + 1);
    *files = found;
    *count = 0;
    if (!code && !found)
        code = no_memory(context);
    for (size_t i = 0; !code && found && i < list.count; i++) {
        const char *name = list.items[i].path;
        const char *path = mlg_arena_format(arena, "%s/%s", directory, name);
        if (!path)
            code = no_memory(context);
        else if (is_table_name(name) && !is_ignored(context, name) && has_column(world, path, column))
            found[(*count)++] = name;
    }
    return context_end(context, code, error);
}

static int refuse_unknown(const char *a, const char *b, const char *column, struct mlg_error *error)
{
    return mlg_error_set(error, MLG_DATA,
                         "no table that '%s' and '%s' both hold has a column '%s'; CSV, TSV, JSON lines and "
                         "Parquet are tables, by their names",
                         a, b, column);
}

int tables_of_both(const struct mlg_world *world, const char *a, const char *b, const char *column,
                   const struct mlg_compare_options *options, struct mlg_arena *arena,
                   const char *const **files, size_t *count, struct mlg_error *error)
{
    const char *const *in_a, *const *in_b;
    size_t count_a, count_b;
    int code = mlg_compare_tables_with(world, a, column, options, arena, &in_a, &count_a, error);
    if (!code)
        code = mlg_compare_tables_with(world, b, column, options, arena, &in_b, &count_b, error);
    const char **both = code ? NULL : MLG_NEW_ARRAY(arena, const char *, count_a + 1);
    *files = both;
    *count = 0;
    if (code || !both)
        return code ? code : refuse_memory(error);
    for (size_t i = 0; i < count_a; i++)
        if (mlg_text_is_among(in_a[i], in_b, count_b))
            both[(*count)++] = in_a[i];
    return *count > 0 ? 0 : refuse_unknown(a, b, column, error);
}

/* ---- predictions ----------------------------------------------------------------------------------- */

/* What is asked of the tables below two directories: each column of those that have it. */
struct asked {
    const struct mlg_world *world;
    const char *a, *b;
    const struct mlg_flips_options *options;
    struct mlg_arena *arena;
    bool has_label, *has_score; /* some table has it */
};

static bool both_have(const struct asked *asked, const char *x, const char *y, const char *column)
{
    return column && has_column(asked->world, x, column) && has_column(asked->world, y, column);
}

static int count_changes(struct asked *asked, const char *file, struct mlg_flips *flips,
                         struct mlg_error *error)
{
    const struct mlg_flips_options *options = asked->options;
    struct mlg_flips_options own = {.prediction = options->prediction};
    const char *x = mlg_arena_format(asked->arena, "%s/%s", asked->a, file);
    const char *y = mlg_arena_format(asked->arena, "%s/%s", asked->b, file);
    const char **scores = MLG_NEW_ARRAY(asked->arena, const char *, options->score_count + 1);
    if (!x || !y || !scores)
        return refuse_memory(error);
    own.scores = scores;
    own.id = both_have(asked, x, y, options->id) ? options->id : NULL;
    if (options->label &&
        (has_column(asked->world, x, options->label) || has_column(asked->world, y, options->label)))
        own.label = options->label;
    asked->has_label = asked->has_label || own.label;
    for (size_t i = 0; i < options->score_count; i++)
        if (both_have(asked, x, y, options->scores[i])) {
            scores[own.score_count++] = options->scores[i];
            asked->has_score[i] = true;
        }
    return mlg_compare_predictions(asked->world, x, y, &own, asked->arena, flips, error);
}

static int compare_below(struct asked *asked, const struct mlg_compare_options *compare,
                         struct mlg_flips_of_files *found, struct mlg_error *error)
{
    const struct mlg_flips_options *options = asked->options;
    const char *const *files;
    size_t count;
    int code = tables_of_both(asked->world, asked->a, asked->b, options->prediction, compare, asked->arena,
                              &files, &count, error);
    if (code)
        return code;
    found->items = MLG_NEW_ARRAY(asked->arena, struct mlg_flips_of_file, count);
    asked->has_score = MLG_NEW_ARRAY(asked->arena, bool, options->score_count + 1);
    if (!found->items || !asked->has_score)
        return refuse_memory(error);
    for (size_t i = 0; !code && i < count; i++) {
        struct mlg_flips_of_file *item = &found->items[found->count++];
        item->file = files[i];
        code = count_changes(asked, files[i], &item->flips, error);
    }
    if (!code && options->label && !asked->has_label)
        code = refuse_unknown(asked->a, asked->b, options->label, error);
    for (size_t i = 0; !code && i < options->score_count; i++)
        if (!asked->has_score[i])
            code = refuse_unknown(asked->a, asked->b, options->scores[i], error);
    return code;
}

int mlg_compare_predictions_below(const struct mlg_world *world, const char *a, const char *b,
                                  const struct mlg_flips_options *options,
                                  const struct mlg_compare_options *compare, struct mlg_arena *arena,
                                  struct mlg_flips_of_files *found, struct mlg_error *error)
{
    struct asked asked = {.world = world, .a = a, .b = b, .options = options, .arena = arena};
    const bool is_a = is_directory(world, a), is_b = is_directory(world, b);
    *found = (struct mlg_flips_of_files){.are_below = is_a && is_b};
    if (is_a != is_b)
        return mlg_error_set(error, MLG_DATA,
                             "'%s' is a directory and '%s' is none, so that there are no two tables",
                             is_a ? a : b, is_a ? b : a);
    if (is_a)
        return compare_below(&asked, compare, found, error);
    found->items = MLG_NEW(arena, struct mlg_flips_of_file);
    if (!found->items)
        return refuse_memory(error);
    found->items[found->count++].file = "";
    return mlg_compare_predictions(world, a, b, options, arena, &found->items[0].flips, error);
}
