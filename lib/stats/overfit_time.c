/* overfit_time: held-out rows that are not after the newest row of train.
 *
 * Of train the newest time is all that stays, the last moment of what it says; of held-out rows the first
 * moments, 24 bytes each, since train may be read last.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "overfit_private.h"
#include "row_look.h"
#include "row_match.h"
#include "time_key.h"

struct moment {
    struct mlg_time_key key;
    uint64_t position;
};

/* What a source's column holds. */
struct times {
    bool newest_alone;
    char decimal;
    struct moment *items;
    size_t count, capacity;
    uint64_t rows, missing;
    struct moment newest; /* the first of several */
    bool has_newest, no_memory, has_bad;
    uint64_t bad;                  /* position of the first cell that is no time */
    bool has_kind[MLG_TIME_KINDS]; /* and of the first of each kind */
    uint64_t kind[MLG_TIME_KINDS];
};

struct side {
    const struct mlg_data *data;
    const char *column;
    struct mlg_observer observer;
    struct mlg_arena *arena;
    struct times times;
    bool ended;
};

struct time_state {
    struct side held_out, train;
};

/* ---- observers ----------------------------------------------------------------------------------- */

static void *times_begin(void *context)
{
    const struct side *side = context;
    struct times *times = calloc(1, sizeof *times);
    if (times) {
        times->newest_alone = side->times.newest_alone;
        times->decimal = side->times.decimal;
    }
    return times;
}

static bool is_newer(struct moment a, struct moment b)
{
    const int order = mlg_time_compare(a.key, b.key);
    return order > 0 || (order == 0 && a.position < b.position);
}

static void note_first(bool *has, uint64_t *first, uint64_t position)
{
    if (!*has || position < *first)
        *first = position;
    *has = true;
}

static void add_moment(struct times *times, struct moment moment)
{
    if (!times->has_newest || is_newer(moment, times->newest))
        times->newest = moment;
    times->has_newest = true;
    if (times->newest_alone || times->no_memory)
        return;
    if (times->count == times->capacity) {
        const size_t capacity = times->capacity ? times->capacity * 2 : MLG_BATCH_ROWS;
        struct moment *grown = realloc(times->items, capacity * sizeof *grown);
        times->no_memory = !grown;
        if (!grown)
            return;
        times->items = grown;
        times->capacity = capacity;
    }
    times->items[times->count++] = moment;
}

static int times_observe(void *worker, const struct mlg_observed *rows, struct mlg_error *error)
{
    struct times *times = worker;
    (void)error;
    times->rows += rows->rows;
    for (size_t i = 0; i < rows->rows; i++) {
        struct moment moment = {.position = rows->positions[i]};
        enum mlg_time_kind kind;
        if (!rows->cells[0][i].bytes) {
            times->missing++;
        } else if ((times->newest_alone ? mlg_time_parse_last : mlg_time_parse)(
                       rows->cells[0][i], times->decimal, &moment.key, &kind)) {
            note_first(&times->has_kind[kind], &times->kind[kind], moment.position);
            add_moment(times, moment);
        } else {
            note_first(&times->has_bad, &times->bad, moment.position);
        }
    }
    return MLG_OK;
}

static void merge(struct times *all, const struct times *times)
{
    all->rows += times->rows;
    all->missing += times->missing;
    all->no_memory |= times->no_memory;
    if (times->has_newest && (!all->has_newest || is_newer(times->newest, all->newest)))
        all->newest = times->newest;
    all->has_newest |= times->has_newest;
    if (times->has_bad)
        note_first(&all->has_bad, &all->bad, times->bad);
    for (size_t i = 0; i < MLG_TIME_KINDS; i++)
        if (times->has_kind[i])
            note_first(&all->has_kind[i], &all->kind[i], times->kind[i]);
}

static int times_end(void *context, void *const *workers, size_t worker_count, struct mlg_error *error)
{
    struct side *side = context;
    struct times *all = &side->times;
    size_t count = 0;
    (void)error;
    side->ended = true;
    for (size_t i = 0; i < worker_count; i++) {
        merge(all, workers[i]);
        count += ((const struct times *)workers[i])->count;
    }
    if (all->newest_alone || all->no_memory)
        return MLG_OK;
    all->items = MLG_NEW_ARRAY(side->arena, struct moment, count + 1);
    all->no_memory = !all->items;
    for (size_t i = 0; i < worker_count && all->items; i++) {
        const struct times *times = workers[i];
        if (times->count > 0)
            memcpy(all->items + all->count, times->items, times->count * sizeof *times->items);
        all->count += times->count;
    }
    return MLG_OK;
}

static void times_release(void *worker)
{
    struct times *times = worker;
    if (times)
        free(times->items);
    free(times);
}

/* ---- plan ---------------------------------------------------------------------------------------- */

static int plan_side(struct side *side, const struct mlg_call *call, const struct mlg_data *data,
                     struct mlg_plan *plan, struct mlg_arena *arena, struct mlg_error *error)
{
    side->data = data;
    side->arena = arena;
    side->column = call->arguments.column ? call->arguments.column : data->time;
    if (!side->column)
        return mlg_error_set(error, MLG_CONFIG,
                             "%s compares times, and '%s' has no column of them; give %s%s, or %s(COLUMN)",
                             call->metric->name, data->name, mlg_data_option(data, "time", "COLUMN").text,
                             mlg_data_where(data).text, call->metric->name);
    side->times.decimal = mlg_data_decimal(data);
    side->observer = (struct mlg_observer){.columns = &side->column,
                                           .column_count = 1,
                                           .context = side,
                                           .begin = times_begin,
                                           .observe = times_observe,
                                           .end = times_end,
                                           .release = times_release,
                                           .role = "time"};
    return mlg_plan_observe(plan, &side->observer, error);
}

static int time_plan(struct mlg_call *call, struct mlg_overfit_planning *planning, void **out,
                     struct mlg_error *error)
{
    struct time_state *state = MLG_NEW(planning->arena, struct time_state);
    *out = state;
    if (!state)
        return mlg_error_set(error, MLG_LIMIT, "no memory to compare times");
    state->train.times.newest_alone = true;
    int code = plan_side(&state->held_out, call, planning->held_out_data, planning->held_out, planning->arena,
                         error);
    if (code == MLG_OK && planning->train)
        code = plan_side(&state->train, call, planning->train_data, planning->train, planning->arena, error);
    return code;
}

/* ---- evaluate ------------------------------------------------------------------------------------ */

static bool look_at_rows(const struct side *side, struct mlg_looked *rows, size_t *count,
                         struct mlg_overfit_view *view)
{
    *count = mlg_looked_sort(rows, *count);
    const struct mlg_row_look look = {.view = view,
                                      .source = side->data->name,
                                      .columns = &side->column,
                                      .column_count = 1,
                                      .id = side->data->id,
                                      .rows = rows,
                                      .row_count = *count};
    return mlg_row_look(&look);
}

/* "'soon' of 'test' (line 7)", or what is known of it. */
static const char *cell_name(const struct side *side, uint64_t position, struct mlg_overfit_view *view)
{
    struct mlg_looked row = {.position = position};
    size_t count = 1;
    struct mlg_arena *arena = view->held_out.scratch;
    if (!look_at_rows(side, &row, &count, view) || !row.seen)
        return mlg_arena_format(arena, "a cell of '%s'", side->data->name);
    return mlg_arena_format(arena, "'%s' of '%s' (line %lu)", row.cell, side->data->name, row.line);
}

static int check_side(const struct side *side, struct mlg_overfit_view *view, struct mlg_error *error)
{
    if (!side->ended)
        return mlg_error_set(error, MLG_INTERNAL, "the times of '%s' were not seen", side->data->name);
    if (side->times.no_memory)
        return mlg_error_set(error, MLG_DATA, "'%s' has more rows than memory holds; give a sample of them",
                             side->data->name);
    if (side->times.has_bad)
        return mlg_error_set(error, MLG_DATA,
                             "%s in column '%s' is no time; ISO 8601 dates and date-times (2024-05-01, "
                             "2024-05-01T10:00:00Z) and numbers are",
                             cell_name(side, side->times.bad, view), side->column);
    return MLG_OK;
}

/* All times are of one kind, or nobody knows which is the later one. */
static int check_kinds(const struct time_state *state, struct mlg_overfit_view *view, struct mlg_error *error)
{
    static const char *const kinds[] = {"a number", "a date or date-time without a zone",
                                        "a date-time with a zone"};
    const struct side *const sides[] = {&state->train, &state->held_out};
    const struct side *first = NULL;
    size_t kind = 0;
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < MLG_TIME_KINDS; k++) {
            if (!sides[i]->times.has_kind[k])
                continue;
            if (!first || k == kind) {
                first = first ? first : sides[i];
                kind = k;
                continue;
            }
            return mlg_error_set(
                error, MLG_DATA,
                "times of different kinds cannot be compared: %s is %s, %s is %s; write all in one way",
                cell_name(first, first->times.kind[kind], view), kinds[kind],
                cell_name(sides[i], sides[i]->times.kind[k], view), kinds[k]);
        }
    return MLG_OK;
}

static bool is_older(const struct moment *a, const struct moment *b)
{
    const int order = mlg_time_compare(a->key, b->key);
    return order < 0 || (order == 0 && a->position < b->position);
}

struct oldest {
    struct moment items[MLG_PAIRS];
    size_t count;
};

static void add_oldest(struct oldest *oldest, const struct moment *moment)
{
    size_t at = oldest->count;
    while (at > 0 && is_older(moment, &oldest->items[at - 1]))
        at--;
    if (at == MLG_PAIRS)
        return;
    const size_t kept = oldest->count < MLG_PAIRS ? oldest->count : MLG_PAIRS - 1;
    memmove(oldest->items + at + 1, oldest->items + at, (kept - at) * sizeof *oldest->items);
    oldest->items[at] = *moment;
    oldest->count = kept + 1;
}

static void name_oldest(const struct side *side, const struct oldest *oldest, struct mlg_overfit_view *view,
                        struct mlg_overfit_outcome *outcome)
{
    struct mlg_looked rows[MLG_PAIRS];
    struct mlg_arena *arena = view->held_out.scratch;
    size_t count = 0;
    for (; count < oldest->count; count++)
        rows[count] = (struct mlg_looked){.position = oldest->items[count].position};
    look_at_rows(side, rows, &count, view);
    for (size_t i = 0; i < oldest->count; i++) {
        const struct mlg_looked *row = mlg_looked_find(rows, count, oldest->items[i].position);
        const char *text = !row         ? NULL
                           : row->id[0] ? mlg_arena_format(arena, "id %s: %s", row->id, row->cell)
                                        : mlg_arena_format(arena, "line %lu: %s", row->line, row->cell);
        if (text)
            outcome->offenders[outcome->offender_count++] = text;
    }
}

static void note_missing(const struct time_state *state, struct mlg_overfit_outcome *outcome,
                         struct mlg_arena *arena)
{
    const uint64_t held_out = state->held_out.times.missing, train = state->train.times.missing;
    if (held_out + train > 0)
        mlg_overfit_note(
            outcome, mlg_arena_format(arena, "%s of '%s' and %s of '%s' have no time, and are not compared",
                                      mlg_count_text(held_out, arena), state->held_out.data->name,
                                      mlg_count_text(train, arena), state->train.data->name));
}

static int time_evaluate(const struct mlg_call *call, void *context, struct mlg_overfit_view *view,
                         struct mlg_evidence *evidence, struct mlg_overfit_outcome *outcome,
                         struct mlg_error *error)
{
    const struct time_state *state = context;
    struct mlg_arena *arena = view->held_out.scratch;
    const struct times *held_out = &state->held_out.times, *train = &state->train.times;
    mlg_family_begin(call, evidence);
    int code;
    if ((code = check_side(&state->train, view, error)) ||
        (code = check_side(&state->held_out, view, error)) || (code = check_kinds(state, view, error)))
        return code;
    if (held_out->count == 0 || !train->has_newest)
        return mlg_evidence_undefined(evidence, "no row of '%s' has a time",
                                      (held_out->count == 0 ? &state->held_out : &state->train)->data->name);
    for (size_t i = 0; i < 2; i++) {
        const struct side *side = i == 0 ? &state->held_out : &state->train;
        code = mlg_overfit_missing(side->data, side->column, side->times.missing, side->times.rows, arena,
                                   error);
        if (code != MLG_OK)
            return code;
    }
    uint64_t count = 0;
    struct oldest oldest = {.count = 0};
    for (size_t i = 0; i < held_out->count; i++)
        if (mlg_time_compare(held_out->items[i].key, train->newest.key) <= 0) {
            count++;
            add_oldest(&oldest, &held_out->items[i]);
        }
    evidence->kind = MLG_EXACT_VALUE;
    evidence->method = MLG_METHOD_EXACT;
    evidence->value = (double)count;
    evidence->n = held_out->count;
    note_missing(state, outcome, arena);
    outcome->offenders_of = count;
    if (count == 0)
        return MLG_OK;
    name_oldest(&state->held_out, &oldest, view, outcome);
    mlg_overfit_note(outcome, mlg_arena_format(arena, "the newest time is %s",
                                               cell_name(&state->train, train->newest.position, view)));
    outcome->advice =
        mlg_arena_format(arena, "split by '%s', so that all rows of '%s' are after those of '%s'",
                         state->held_out.column, state->held_out.data->name, state->train.data->name);
    return MLG_OK;
}

static const char *const column[] = {"column", NULL};

const struct mlg_metric mlg_overfit_time_overlap = {
    .name = "time_overlap",
    .about = "how many held-out rows are not after the newest row of train",
    .definition =
        "held-out rows whose COLUMN is at or before the latest of train; without COLUMN the role 'time'. ISO "
        "8601 dates and date-times, with zone offsets and fractions, or numbers; a "
        "date without a time of day covers its day, 2024-05 its month: held-out rows of the same day are not "
        "after; rows without a time are not compared, and more of them than max_missing allows are an error",
    .undefined_when = "no row of one of them has a time",
    .source = "none: counted",
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_EXACT,
    .params = mlg_overfit_params,
    .arguments = column,
    MLG_OVERFIT_KERNEL(.needs = MLG_NEEDS_TRAIN | MLG_NEEDS_COLUMNS, .exact = true, .plan = time_plan,
                       .evaluate = time_evaluate),
};
