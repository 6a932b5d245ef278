/* compared.c: what the profiles of both sources say of each column, made sentences. */
#include "compared.h"

#include <stdlib.h>
#include <string.h>

#include "row_look.h"
#include "row_match.h"

/* ---- plan ---------------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory to compare rows");
}

static bool same_columns(const struct mlg_compared *a, const struct mlg_compared *b)
{
    if (a->has_train != b->has_train || a->is_default != b->is_default || a->by_fold != b->by_fold ||
        a->column_count != b->column_count)
        return false;
    for (size_t i = 0; i < a->column_count; i++)
        if (strcmp(a->columns[i], b->columns[i]) != 0)
            return false;
    return true;
}

static bool has_unnamed(const struct mlg_plan *plan)
{
    const char *const *names;
    const size_t count = mlg_plan_columns(plan, &names);
    for (size_t i = 0; i < count; i++)
        if (mlg_overfit_is_unnamed(names[i]))
            return true;
    return false;
}

static int profile(struct mlg_column_profile *profile, const struct mlg_compared *compared,
                   const struct mlg_data *data, struct mlg_plan *plan,
                   const struct mlg_overfit_planning *planning, struct mlg_error *error)
{
    *profile = (struct mlg_column_profile){.key = mlg_hash_key_of(planning->seed),
                                           .decimal = mlg_data_decimal(data),
                                           .columns = compared->columns,
                                           .column_count = compared->column_count,
                                           .arena = planning->arena};
    mlg_column_profile_observe(profile);
    return mlg_plan_observe(plan, &profile->observer, error);
}

static int list_columns(struct mlg_compared *compared, const struct mlg_texts *columns,
                        struct mlg_error *error)
{
    compared->columns = MLG_NEW_ARRAY(compared->arena, const char *, columns->count + 1);
    const char **sorted = MLG_NEW_ARRAY(compared->arena, const char *, columns->count + 1);
    if (!compared->columns || !sorted)
        return no_memory(error);
    memcpy(sorted, columns->items, columns->count * sizeof *sorted);
    qsort(sorted, columns->count, sizeof *sorted, by_text);
    for (size_t i = 0; i < columns->count; i++)
        if (i == 0 || strcmp(sorted[i], sorted[i - 1]) != 0)
            compared->columns[compared->column_count++] = sorted[i];
    return MLG_OK;
}

int mlg_compared_plan(const struct mlg_call *call, struct mlg_overfit_planning *planning, bool has_train,
                      struct mlg_compared **out, struct mlg_error *error)
{
    const char *const *names;
    struct mlg_texts columns;
    *out = NULL;
    int code = mlg_overfit_columns(call, planning, &columns, error);
    if (code != MLG_OK || mlg_plan_columns(planning->held_out, &names) == 0)
        return code;
    struct mlg_compared *compared = MLG_NEW(planning->arena, struct mlg_compared);
    if (!compared)
        return no_memory(error);
    compared->arena = planning->arena;
    compared->has_train = has_train;
    compared->is_default = call->arguments.columns.count == 0 && planning->options->features.count == 0;
    compared->held_out_data = planning->held_out_data;
    compared->train_data = has_train ? planning->train_data : NULL;
    code = list_columns(compared, &columns, error);
    if (code != MLG_OK)
        return code;
    if (has_train && compared->held_out_data->fold && compared->train_data->fold) {
        compared->by_fold = true;
        compared->adds_fold =
            !mlg_text_is_among(compared->held_out_data->fold, compared->columns, compared->column_count) ||
            !mlg_text_is_among(compared->train_data->fold, compared->columns, compared->column_count);
    }
    for (struct mlg_compared *other = planning->shared[MLG_OVERFIT_COMPARED]; other; other = other->next)
        if (same_columns(compared, other)) {
            *out = other;
            return MLG_OK;
        }
    if (compared->is_default) {
        if (has_unnamed(planning->held_out) || (has_train && has_unnamed(planning->train)))
            compared->left_out = "'' (has no name)";
        code = profile(&compared->held_out, compared, planning->held_out_data, planning->held_out, planning,
                       error);
        if (code == MLG_OK && has_train)
            code =
                profile(&compared->train, compared, planning->train_data, planning->train, planning, error);
    }
    compared->next = planning->shared[MLG_OVERFIT_COMPARED];
    planning->shared[MLG_OVERFIT_COMPARED] = compared;
    *out = compared;
    return code;
}

/* ---- what is left out ---------------------------------------------------------------------------- */

/* Rows that were dropped have left gaps in what counts them. */
static bool counts_rows(const struct mlg_column_traits *traits, const struct mlg_column_profile *profile,
                        const struct mlg_scan *scan)
{
    return traits->grows && scan && (uint64_t)traits->span < profile->rows + scan->summary.dropped;
}

/* Why rows are not compared by the column; NULL: they are. */
static const char *reason_of(const struct mlg_compared *compared, const struct mlg_overfit_view *view,
                             const char *column)
{
    const struct mlg_column_traits *held_out = mlg_column_traits_of(&compared->held_out, column);
    const struct mlg_column_traits *train =
        compared->has_train ? mlg_column_traits_of(&compared->train, column) : held_out;
    if (!held_out || !train)
        return NULL;
    if (counts_rows(held_out, &compared->held_out, view->held_out.scan) &&
        (!compared->has_train || counts_rows(train, &compared->train, view->train.scan)))
        return "counts rows";
    if (held_out->constant && train->constant && !mlg_hash_equal(held_out->value, train->value))
        return "another constant in each";
    return NULL;
}

int mlg_compared_decide(struct mlg_compared *compared, const struct mlg_overfit_view *view,
                        struct mlg_error *error)
{
    if (!compared->is_decided && compared->is_default) {
        const char **left = MLG_NEW_ARRAY(compared->arena, const char *, compared->column_count + 1);
        size_t count = 0;
        if (!left)
            return no_memory(error);
        for (size_t i = 0; i < compared->column_count; i++) {
            const char *why = reason_of(compared, view, compared->columns[i]);
            if (!why) {
                left[count++] = compared->columns[i];
                continue;
            }
            compared->is_less = true;
            compared->left_out = mlg_arena_format(compared->arena, "%s%s'%s' (%s)",
                                                  compared->left_out ? compared->left_out : "",
                                                  compared->left_out ? ", " : "", compared->columns[i], why);
            if (!compared->left_out)
                return no_memory(error);
        }
        compared->columns = left; /* the profiles keep theirs */
        compared->column_count = count;
    }
    compared->is_decided = true;
    if (compared->column_count > 0)
        return MLG_OK;
    return mlg_error_set(error, MLG_DATA,
                         "no column is left to compare the rows of '%s' by: left out are %s; name those that "
                         "are meant in 'features'",
                         compared->held_out_data->name, compared->left_out);
}

size_t mlg_compared_columns(const struct mlg_compared *compared, const struct mlg_data *data,
                            const char **columns)
{
    memcpy(columns, compared->columns, compared->column_count * sizeof *columns);
    if (compared->adds_fold)
        columns[compared->column_count] = data->fold;
    return compared->column_count + compared->adds_fold;
}

/* ---- columns that name rows ---------------------------------------------------------------------- */

static bool look_again(struct mlg_row_pile *pile, const struct mlg_data *data, const char *column,
                       struct mlg_overfit_view *view, struct mlg_arena *arena)
{
    *pile = (struct mlg_row_pile){.key = mlg_hash_key_of(view->seed),
                                  .decimal = mlg_data_decimal(data),
                                  .column_count = 1,
                                  .threads = view->threads,
                                  .arena = arena};
    const struct mlg_observer observer = mlg_pile_observer(pile, &column);
    return mlg_rows_again(view, data->name, &observer, NULL, 0) && !pile->failed;
}

/* Has no row of both sources the column's value of another row? */
static bool differs_in_every_row(const struct mlg_compared *compared, const char *column,
                                 struct mlg_overfit_view *view)
{
    struct mlg_arena arena;
    struct mlg_row_pile held_out, train;
    struct mlg_row_match found;
    bool differs = false;
    mlg_arena_init(&arena, 0);
    if (look_again(&held_out, compared->held_out_data, column, view, &arena) &&
        look_again(&train, compared->train_data, column, view, &arena) &&
        mlg_rows_match(&held_out, &train, 0, view->threads, &found)) {
        differs =
            found.overlap.count == 0 && found.duplicates.count == 0 && found.singles == found.train_rows;
        mlg_row_match_free(&found);
    }
    mlg_arena_free(&arena);
    return differs;
}

static bool may_name(const struct mlg_compared *compared, const char *column)
{
    const struct mlg_column_traits *held_out = mlg_column_traits_of(&compared->held_out, column);
    const struct mlg_column_traits *train = mlg_column_traits_of(&compared->train, column);
    return held_out && train && held_out->may_name && train->may_name;
}

static void find_names(struct mlg_compared *compared, struct mlg_overfit_view *view)
{
    enum { ASKED = 8 };
    const char *text = NULL;
    size_t asked = 0, found = 0;
    for (size_t i = 0; i < compared->column_count && asked < ASKED; i++) {
        const char *column = compared->columns[i];
        if (!may_name(compared, column))
            continue;
        asked++;
        if (!differs_in_every_row(compared, column, view))
            continue;
        text = mlg_arena_format(compared->arena, "%s%s'%s'", text ? text : "", text ? ", " : "", column);
        found++;
    }
    if (!text || found == compared->column_count) /* with others there are none that could be equal */
        return;
    compared->names =
        mlg_arena_format(compared->arena, "%s %s in every row, so that no rows can be equal: if %s rows, %s",
                         text, found == 1 ? "differs" : "differ", found == 1 ? "it names" : "they name",
                         found == 1 ? "give it the role id" : "name the others in 'features'");
}

/* ---- what is told -------------------------------------------------------------------------------- */

void mlg_compared_note(struct mlg_compared *compared, const struct mlg_call *call, bool none_equal,
                       struct mlg_overfit_view *view, struct mlg_overfit_outcome *outcome)
{
    enum { SHOWN = 8 };
    struct mlg_arena *arena = view->held_out.scratch;
    if (call->arguments.columns.count > 0 || call->arguments.column) {
        if (compared->by_fold)
            mlg_overfit_note(outcome, call->arguments.column
                                          ? "compared within each fold, a value counts once for each"
                                          : "compared within each fold");
        return;
    }
    none_equal = none_equal && compared->is_default && compared->has_train;
    if (none_equal && !compared->asked_names) {
        compared->asked_names = true;
        find_names(compared, view);
    }
    const char *names = none_equal ? compared->names : NULL;
    const size_t shown = compared->column_count <= SHOWN ? compared->column_count : SHOWN;
    const char *text = "compared by";
    for (size_t i = 0; i < shown; i++)
        text = mlg_arena_format(arena, "%s%s '%s'", text ? text : "", i ? "," : "", compared->columns[i]);
    if (compared->column_count > shown)
        text = mlg_arena_format(arena, "%s and %zu more", text ? text : "", compared->column_count - shown);
    mlg_overfit_note(outcome, mlg_arena_format(arena, "%s%s%s%s%s%s", text ? text : "",
                                               compared->by_fold ? ", within each fold" : "",
                                               compared->left_out ? "; left out: " : "",
                                               compared->left_out ? compared->left_out : "",
                                               names ? "; " : "", names ? names : ""));
}

/* ---- chance -------------------------------------------------------------------------------------- */

bool mlg_compared_by_chance(uint64_t found, uint64_t held_out, uint64_t twins, uint64_t train)
{
    const double good_part = 0.1;
    return found > 0 && train > 0 &&
           (double)twins / (double)train * (double)held_out >= good_part * (double)found;
}

const char *mlg_compared_no_proof(const struct mlg_data *held_out, const struct mlg_data *train,
                                  uint64_t twins, uint64_t rows, struct mlg_arena *arena)
{
    return mlg_arena_format(
        arena,
        "equal columns are no proof of copies here, as %s of the %s rows of '%s' equal others of it: name a "
        "column that names rows, as in overlap(%s), or judge excess_overlap",
        mlg_count_text(twins, arena), mlg_count_text(rows, arena), train->name,
        held_out->id ? held_out->id : "COLUMN");
}
