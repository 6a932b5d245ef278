/* predictions: which answers changed from one table to another. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "mlgate/number.h"

/* Rows of the first of several tables, by their number in it: has any table a prediction there, and has
 * any other changed it? */
enum { IS_PREDICTED = 1, IS_CHANGED = 2 };
struct changes {
    unsigned char *rows;
    size_t room;
    uint64_t predicted, changed;
};

struct counting {
    const struct mlg_flips_options *options;
    struct mlg_arena *arena;
    struct mlg_flips *flips;
    const char *path_a, *path_b;
    bool label_a, label_b;       /* whose table has the label: its text stands behind prediction and scores */
    struct changes *changes;     /* NULL: nobody asks */
    uint64_t *empty_a, *empty_b; /* of prediction and scores: rows in which there is none, or it is NaN */
    const struct join *join;
};

static bool note_change(struct changes *changes, uint64_t row, bool changed)
{
    if (!reach_flags(&changes->rows, &changes->room, row))
        return false;
    changes->predicted += !(changes->rows[row] & IS_PREDICTED);
    changes->changed += changed && !(changes->rows[row] & IS_CHANGED);
    changes->rows[row] |= (unsigned char)(IS_PREDICTED | (changed ? IS_CHANGED : 0));
    return true;
}

static bool same_cell(const struct mlg_text *a, const struct mlg_text *b)
{
    double x, y;
    if (!a->bytes || !b->bytes)
        return !a->bytes && !b->bytes;
    if (a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0)
        return true;
    if (mlg_number_is_exact(a->bytes, a->size) && mlg_number_is_exact(b->bytes, b->size))
        return mlg_number_compare(a->bytes, a->size, b->bytes, b->size) == 0;
    return mlg_number_parse(a->bytes, a->size, &x) && mlg_number_parse(b->bytes, b->size, &y) &&
           ulps_between(x, y) == 0;
}

/* Missing, or not a number: what a model writes that has nothing to say. */
static bool is_empty(const struct mlg_text *cell)
{
    double value;
    return !cell->bytes || (mlg_number_parse(cell->bytes, cell->size, &value) && isnan(value));
}

static const char *cell_text(const struct mlg_text *cell, struct mlg_arena *arena)
{
    enum { SHOWN = 60 };
    return cell->bytes
               ? mlg_arena_format(arena, "%.*s", (int)(cell->size < SHOWN ? cell->size : SHOWN), cell->bytes)
               : "nothing";
}

static int count_score(struct counting *counting, const char *column, const struct mlg_text *a,
                       const struct mlg_text *b, const char *where, struct mlg_error *error)
{
    struct mlg_flips *flips = counting->flips;
    const struct mlg_text *both[] = {a, b};
    double values[2] = {0, 0}, change;
    for (int i = 0; i < 2; i++)
        if (both[i]->bytes && !mlg_number_parse(both[i]->bytes, both[i]->size, &values[i]))
            return mlg_error_set(error, MLG_DATA, "'%s': the score '%.*s' in column '%s' (%s) is no number",
                                 i == 0 ? counting->path_a : counting->path_b,
                                 (int)(both[i]->size < 60 ? both[i]->size : 60), both[i]->bytes, column,
                                 where);
    if (is_empty(a) || is_empty(b))
        change = is_empty(a) && is_empty(b) ? 0 : (double)INFINITY;
    else
        change = ulps_between(values[0], values[1]) == 0 ? 0 : fabs(values[0] - values[1]);
    if (isnan(change))
        change = (double)INFINITY;
    if (change > flips->max_score_change) {
        flips->max_score_change = change;
        flips->max_score_row = mlg_arena_copy(counting->arena, where, strlen(where));
        flips->max_score_text =
            mlg_arena_format(counting->arena, "'%s' of %s: %s against %s", column, where,
                             cell_text(a, counting->arena), cell_text(b, counting->arena));
    }
    return 0;
}

static int count_row(void *self, const struct mlg_text *a, const struct mlg_text *b, const char *where,
                     const char *key, struct mlg_error *error)
{
    struct counting *counting = self;
    struct mlg_flips *flips = counting->flips;
    const size_t scores = counting->options->score_count;
    const bool missing = is_empty(&a[0]) && is_empty(&b[0]);
    const bool changed = !missing && !same_cell(&a[0], &b[0]);
    flips->n += !missing;
    flips->missing += missing;
    flips->changed += changed;
    if (!missing && counting->changes && !note_change(counting->changes, counting->join->rows_b - 1, changed))
        return refuse_memory(error);
    for (size_t i = 0; i <= scores; i++) {
        counting->empty_a[i] += is_empty(&a[i]);
        counting->empty_b[i] += is_empty(&b[i]);
    }
    for (size_t i = 0; i < scores; i++) {
        flips->scores++;
        flips->missing_scores += is_empty(&a[1 + i]) && is_empty(&b[1 + i]);
        int code = count_score(counting, counting->options->scores[i], &a[1 + i], &b[1 + i], where, error);
        if (code)
            return code;
    }
    if (flips->labelled) {
        const struct mlg_text *label = counting->label_b ? &b[1 + scores] : &a[1 + scores];
        if (counting->label_a && counting->label_b && !same_cell(&a[1 + scores], label))
            return mlg_error_set(
                error, MLG_DATA,
                "the label of %s is not the same in '%s' and '%s', so that they are not about the "
                "same rows",
                where, counting->path_a, counting->path_b);
        if (!label->bytes)
            return mlg_error_set(error, MLG_DATA, "'%s': the label of %s in column '%s' is missing",
                                 counting->label_b ? counting->path_b : counting->path_a, where,
                                 counting->options->label);
        const bool right_a = same_cell(&a[0], label), right_b = same_cell(&b[0], label);
        flips->correct_to_wrong += changed && right_b;
        flips->wrong_to_correct += changed && right_a;
        flips->wrong_to_wrong += changed && !right_a && !right_b;
    }
    if (changed && flips->row_count < MLG_FLIPS_ROWS) {
        const char *copy = mlg_arena_copy(counting->arena, key, strlen(key));
        if (!copy)
            return refuse_memory(error);
        flips->rows[flips->row_count++] = copy;
    }
    return 0;
}

static int compare_pair(const struct mlg_world *world, const char *a, const char *b,
                        const struct mlg_flips_options *options, struct mlg_arena *arena,
                        struct mlg_flips *flips, struct changes *changes, struct mlg_error *error)
{
    const char *const *names_a, *const *names_b;
    size_t count_a, count_b;
    struct counting counting = {
        .options = options, .arena = arena, .flips = flips, .path_a = a, .path_b = b, .changes = changes};
    const char *prediction = options->prediction ? options->prediction : options->scores[0];
    const char *label = options->prediction ? options->label : NULL;
    *flips = (struct mlg_flips){.labelled = label != NULL};
    int code = table_columns(world, a, NULL, arena, &names_a, &count_a, error);
    if (!code)
        code = table_columns(world, b, NULL, arena, &names_b, &count_b, error);
    const size_t most = options->score_count + 2;
    if (code)
        return code;
    const char **columns = MLG_NEW_ARRAY(arena, const char *, most);
    counting.empty_a = MLG_NEW_ARRAY(arena, uint64_t, most);
    counting.empty_b = MLG_NEW_ARRAY(arena, uint64_t, most);
    if (!columns || !counting.empty_a || !counting.empty_b)
        return refuse_memory(error);
    size_t count = 0;
    columns[count++] = prediction;
    for (size_t i = 0; i < options->score_count; i++)
        columns[count++] = options->scores[i];
    if (label) {
        columns[count] = label;
        counting.label_a = mlg_text_is_among(label, names_a, count_a);
        counting.label_b = mlg_text_is_among(label, names_b, count_b) || !counting.label_a;
    }
    struct join join = {.world_a = world,
                        .world_b = world,
                        .path_a = a,
                        .path_b = b,
                        .id = options->id,
                        .columns_a = columns,
                        .columns_b = columns,
                        .count_a = count + counting.label_a,
                        .count_b = count + counting.label_b,
                        .row = count_row,
                        .self = &counting};
    counting.join = &join;
    code = join_tables(&join, error);
    if (code)
        return code;
    flips->only_a = join.rows_a - join.matched;
    flips->only_b = join.rows_b - join.matched;
    if (flips->only_a > 0 && flips->only_b > 0)
        flips->only = mlg_arena_format(arena, "%s is only in '%s', %s only in '%s'", join.first_only_a, a,
                                       join.first_only_b, b);
    else if (flips->only_a > 0)
        flips->only = mlg_arena_format(arena, "%s is only in '%s'", join.first_only_a, a);
    else if (flips->only_b > 0)
        flips->only = mlg_arena_format(arena, "%s is only in '%s'", join.first_only_b, b);
    if (join.matched == 0)
        return mlg_error_set(error, MLG_DATA, "'%s' and '%s' have no row in common", a, b);
    for (size_t i = 0; i <= options->score_count; i++) {
        const bool in_a = counting.empty_a[i] == join.matched;
        if (in_a || counting.empty_b[i] == join.matched)
            return mlg_error_set(error, MLG_DATA,
                                 "'%s': every %s in column '%s' is missing or not a number, so that there is "
                                 "nothing to compare",
                                 in_a ? a : b, i == 0 && options->prediction ? "prediction" : "score",
                                 columns[i]);
    }
    return 0;
}

int mlg_compare_predictions(const struct mlg_world *world, const char *a, const char *b,
                            const struct mlg_flips_options *options, struct mlg_arena *arena,
                            struct mlg_flips *flips, struct mlg_error *error)
{
    return compare_pair(world, a, b, options, arena, flips, NULL, error);
}

int mlg_compare_all_predictions(const struct mlg_world *world, const char *const *tables, size_t count,
                                const struct mlg_flips_options *options, struct mlg_arena *arena,
                                struct mlg_flips_of_all *all, struct mlg_error *error)
{
    struct changes changes = {0};
    int code = 0;
    *all = (struct mlg_flips_of_all){0};
    for (size_t i = 1; !code && i < count && !all->worst.only; i++) {
        struct mlg_flips flips;
        code = compare_pair(world, tables[i], tables[0], options, arena, &flips, &changes, error);
        if (!code && (i == 1 || flips.only || flips.changed > all->worst.changed)) {
            all->worst = flips;
            all->worst_table = i;
        }
    }
    const uint64_t rows = all->worst.n + all->worst.missing;
    all->n = all->worst.only ? all->worst.n : changes.predicted;
    all->missing = rows - all->n;
    all->changed = changes.changed;
    free(changes.rows);
    return code;
}

/* ---- the same rows ------------------------------------------------------------------------------------- */

struct rows {
    const struct join *join;
    const char **columns; /* `same` of them, and then those that have to be missing in the same rows */
    size_t same, count;
    struct mlg_arena *arena;
    const char *why;
};

static int look_at_row(void *self, const struct mlg_text *a, const struct mlg_text *b, const char *where,
                       const char *key, struct mlg_error *error)
{
    struct rows *rows = self;
    const char *path_a = rows->join->path_a, *path_b = rows->join->path_b;
    (void)key, (void)error;
    for (size_t i = 0; i < rows->count && !rows->why; i++) {
        if (i < rows->same && !same_cell(&a[i], &b[i]))
            rows->why = mlg_arena_format(rows->arena, "'%s' of %s is '%s' in '%s' and '%s' in '%s'",
                                         rows->columns[i], where, cell_text(&a[i], rows->arena), path_a,
                                         cell_text(&b[i], rows->arena), path_b);
        else if (i >= rows->same && is_empty(&a[i]) != is_empty(&b[i]))
            rows->why = mlg_arena_format(rows->arena, "%s has no '%s' in '%s', and one in '%s'", where,
                                         rows->columns[i], is_empty(&a[i]) ? path_a : path_b,
                                         is_empty(&a[i]) ? path_b : path_a);
    }
    return 0;
}

static bool is_in_both(const char *column, const char *const *a, size_t count_a, const char *const *b,
                       size_t count_b)
{
    return column && mlg_text_is_among(column, a, count_a) && mlg_text_is_among(column, b, count_b);
}

int mlg_compare_rows(const struct mlg_world *world, const char *a, const char *b,
                     const struct mlg_rows_options *options, struct mlg_arena *arena, const char **why,
                     struct mlg_error *error)
{
    const char *const *names_a, *const *names_b;
    size_t count_a, count_b;
    *why = NULL;
    int code = table_columns(world, a, options->reader, arena, &names_a, &count_a, error);
    if (!code)
        code = table_columns(world, b, options->reader, arena, &names_b, &count_b, error);
    if (code)
        return code;
    struct rows rows = {
        .arena = arena,
        .columns = MLG_NEW_ARRAY(arena, const char *, options->same_count + options->present_count + 1)};
    if (!rows.columns)
        return refuse_memory(error);
    for (size_t i = 0; i < options->same_count; i++)
        if (is_in_both(options->same[i], names_a, count_a, names_b, count_b))
            rows.columns[rows.same++] = options->same[i];
    rows.count = rows.same;
    for (size_t i = 0; i < options->present_count; i++)
        if (is_in_both(options->present[i], names_a, count_a, names_b, count_b))
            rows.columns[rows.count++] = options->present[i];
    struct join join = {.world_a = world,
                        .world_b = world,
                        .path_a = a,
                        .path_b = b,
                        .id =
                            is_in_both(options->id, names_a, count_a, names_b, count_b) ? options->id : NULL,
                        .reader = options->reader,
                        .columns_a = rows.columns,
                        .columns_b = rows.columns,
                        .count_a = rows.count,
                        .count_b = rows.count,
                        .row = look_at_row,
                        .self = &rows};
    rows.join = &join;
    if (rows.count == 0 && !join.id)
        return 0; /* nothing tells rows apart */
    code = join_tables(&join, error);
    if (code)
        return code;
    if (join.first_only_a[0])
        rows.why = mlg_arena_format(arena, "%s is only in '%s'", join.first_only_a, a);
    else if (join.first_only_b[0])
        rows.why = mlg_arena_format(arena, "%s is only in '%s'", join.first_only_b, b);
    *why = rows.why;
    return 0;
}
