/* tables: columns by name, rows joined, cells as numbers where both are some. */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

struct columns {
    struct context *context;
    struct tally *tallies; /* malloc'd */
    size_t count;
};

static int compare_row(void *self, const struct mlg_text *a, const struct mlg_text *b, const char *where,
                       const char *key, struct mlg_error *error)
{
    const struct columns *columns = self;
    (void)error, (void)key;
    for (size_t i = 0; i < columns->count; i++) {
        struct tally *tally = &columns->tallies[i];
        bool room = false;
        if (a[i].bytes && b[i].bytes)
            room = tally_texts(tally, a[i].bytes, a[i].size, b[i].bytes, b[i].size, "holds other texts");
        else if (!a[i].bytes && !b[i].bytes)
            tally_equal(tally);
        else
            room = tally_unlike(tally, "has missing cells on one side only");
        if (!room)
            continue;
        const char *place = mlg_arena_format(columns->context->arena, "%s, %s", tally->part.name, where);
        static const char missing[] = "(missing)";
        tally_place(tally, place ? place : where, a[i].bytes ? a[i].bytes : missing,
                    a[i].bytes ? a[i].size : sizeof missing - 1, b[i].bytes ? b[i].bytes : missing,
                    b[i].bytes ? b[i].size : sizeof missing - 1);
    }
    return 0;
}

/* Rows that one side has and the other has not. */
static int tell_rows(struct context *context, const char *name, const struct join *join)
{
    struct tally tally;
    const uint64_t only_a = join->rows_a - join->matched, only_b = join->rows_b - join->matched;
    if (only_a == 0 && only_b == 0)
        return 0;
    int code = tally_begin(&tally, context, name, MLG_PART_ROWS);
    if (code)
        return code;
    struct mlg_distance *distance = &tally.part.distance;
    distance->elements = join->matched + only_a + only_b;
    distance->differ = distance->beyond = only_a + only_b;
    distance->undefined = named(context, name, "has other rows");
    tally.part.what = mlg_counted_text(join->rows_a, "row", "rows", context->arena);
    if (only_a > 0)
        tally_place(&tally, join->first_only_a, "a row", 5, NULL, 0);
    if (only_b > 0)
        tally_place(&tally, join->first_only_b, NULL, 0, "a row", 5);
    return tally_end_as(&tally, MLG_PART_DIFFERENT,
                        mlg_arena_format(context->arena, "%s only in A, %s only in B",
                                         mlg_count_text(only_a, context->arena),
                                         mlg_count_text(only_b, context->arena)));
}

static int only_columns(struct context *context, const char *name, const char *const *names, size_t count,
                        const char *const *others, size_t other_count, bool in_a, bool is_lines)
{
    int code = 0;
    for (size_t i = 0; !code && i < count; i++)
        if (!mlg_text_is_among(names[i], others, other_count) &&
            !(is_lines && is_ignored_key(context, names[i]))) {
            const char *part = inner_name(context, name, names[i]);
            code = part ? only_one(context, part, in_a, MLG_PART_COLUMN, NULL) : no_memory(context);
        }
    return code;
}

const char *unread_column(struct context *context, const char *name, const struct blob *a,
                          const struct blob *b)
{
    const struct blob *both[] = {a, b};
    const char *hint = NULL;
    struct mlg_arena arena;
    mlg_arena_init(&arena, 0);
    for (int i = 0; i < 2 && !hint; i++) {
        const struct mlg_reader_options options = {.path = both[i]->path};
        struct mlg_reader *reader = NULL;
        const char *const *names;
        if (mlg_reader_open(both[i]->world, &arena, &options, &reader, NULL))
            continue; /* which will be told */
        const size_t count = mlg_reader_columns(reader, &names);
        const bool *nested = mlg_reader_nested(reader);
        for (size_t k = 0; nested && k < count && !hint; k++) {
            const char *part = nested[k] ? inner_name(context, name, names[k]) : NULL;
            if (part && !is_ignored(context, part))
                hint =
                    mlg_arena_format(context->arena,
                                     "column '%s' is of a kind that is not read; without it, by ignore, the "
                                     "others are compared",
                                     names[k]);
        }
        mlg_reader_close(reader);
    }
    mlg_arena_free(&arena);
    return hint;
}

int compare_tables(struct context *context, const char *name, struct blob *a, struct blob *b)
{
    const char *const *names_a, *const *names_b;
    size_t count_a, count_b;
    int code = table_columns(a->world, a->path, NULL, context->arena, &names_a, &count_a, context->error);
    if (!code)
        code = table_columns(b->world, b->path, NULL, context->arena, &names_b, &count_b, context->error);
    if (code)
        return code;
    /* In an archive are tables of many kinds; two files that were named are about the id. */
    const char *id = context->options->id;
    if ((*name || context->options->id_where_it_is) && id &&
        (!mlg_text_is_among(id, names_a, count_a) || !mlg_text_is_among(id, names_b, count_b)))
        id = NULL;
    const bool is_lines = is_lines_name(a->path) && is_lines_name(b->path);
    struct columns columns = {.context = context, .tallies = calloc(count_a + 1, sizeof *columns.tallies)};
    const char **common = MLG_NEW_ARRAY(context->arena, const char *, count_a + 1);
    if (!columns.tallies || !common)
        code = no_memory(context);
    for (size_t i = 0; !code && i < count_a; i++) {
        const char *part = inner_name(context, name, names_a[i]);
        if (!part)
            code = no_memory(context);
        else if (mlg_text_is_among(names_a[i], names_b, count_b) && !mlg_text_equal(names_a[i], id) &&
                 !is_ignored(context, part) && !(is_lines && is_ignored_key(context, names_a[i])) &&
                 !(code = tally_begin(&columns.tallies[columns.count], context, part, MLG_PART_COLUMN)))
            common[columns.count++] = names_a[i];
    }
    struct join join = {.world_a = a->world,
                        .world_b = b->world,
                        .path_a = a->path,
                        .path_b = b->path,
                        .id = id,
                        .columns_a = common,
                        .columns_b = common,
                        .count_a = columns.count,
                        .count_b = columns.count,
                        .row = compare_row,
                        .self = &columns,
                        .typed = true};
    if (!code && (columns.count > 0 || join.id))
        code = join_tables(&join, context->error);
    bool differs = join.rows_a != join.rows_b;
    for (size_t i = 0; !code && i < columns.count; i++) {
        struct tally *tally = &columns.tallies[i];
        differs |= tally->part.distance.beyond > 0;
        tally->part.what = mlg_counted_text(join.matched, "cell", "cells", context->arena);
        code = tally_end(tally);
    }
    if (!code)
        code = tell_rows(context, name, &join);
    if (!code && !join.id && differs)
        code = note(context,
                    *name ? mlg_arena_format(context->arena,
                                             "rows of '%s' are paired by position; an id pairs them by name",
                                             name)
                          : "rows are paired by position; an id pairs them by name");
    if (!code)
        code = only_columns(context, name, names_a, count_a, names_b, count_b, true, is_lines);
    if (!code)
        code = only_columns(context, name, names_b, count_b, names_a, count_a, false, is_lines);
    free(columns.tallies);
    return code;
}

/* ---- one table
 * ---------------------------------------------------------------------------------------------------------
 */

struct cells {
    struct context *context;
    struct mlg_builder *out;
    size_t count;
};

/* The row beside itself. */
static int put_row(void *self, const struct mlg_text *a, const struct mlg_text *b, const char *where,
                   const char *key, struct mlg_error *error)
{
    const struct cells *cells = self;
    (void)b, (void)where, (void)key, (void)error;
    for (size_t i = 0; i < cells->count; i++) {
        mlg_put_format(cells->out, a[i].bytes ? "%zu " : "-", a[i].size); /* none is not an empty one */
        mlg_put_bytes(cells->out, a[i].bytes ? a[i].bytes : "", a[i].bytes ? a[i].size : 0);
    }
    mlg_put(cells->out, "\n");
    return cells->out->failed ? no_memory(cells->context) : 0;
}

int put_table_meaning(struct context *context, const char *name, struct blob *blob, bool *told,
                      struct mlg_builder *out)
{
    const char *const *names;
    size_t count = 0;
    struct mlg_error ignored = {0};
    *told = false;
    if (context->options->ignore_count == 0 || unread_column(context, name, blob, blob) ||
        table_columns(blob->world, blob->path, NULL, context->arena, &names, &count, &ignored))
        return 0;
    const char **kept = MLG_NEW_ARRAY(context->arena, const char *, count + 1);
    struct cells cells = {.context = context, .out = out};
    for (size_t i = 0; kept && i < count; i++) {
        const char *part = inner_name(context, name, names[i]);
        if (!part)
            return no_memory(context);
        if (mlg_text_equal(names[i], context->options->id) || !is_ignored(context, part))
            kept[cells.count++] = names[i];
    }
    if (!kept)
        return no_memory(context);
    *told = cells.count < count;
    if (!*told || cells.count == 0)
        return 0;
    context->is_told = true;
    mlg_put(out, "table\n");
    for (size_t i = 0; i < cells.count; i++)
        mlg_put_format(out, "%zu %s", strlen(kept[i]), kept[i]);
    mlg_put(out, "\n");
    struct join join = {.world_a = blob->world,
                        .world_b = blob->world,
                        .path_a = blob->path,
                        .path_b = blob->path,
                        .columns_a = kept,
                        .columns_b = kept,
                        .count_a = cells.count,
                        .count_b = cells.count,
                        .row = put_row,
                        .self = &cells,
                        .typed = true};
    return join_tables(&join, context->error);
}
