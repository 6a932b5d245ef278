/* overfit_near: held-out rows of which train has a near copy: its numbers a little off, its other cells
 * equal.
 *
 * Every row leaves a hash of its cells that are no numbers (and of which those are), and its numbers as
 * doubles. Train is sorted by hash and then by one number after the other, the most telling first. A held-out
 * row looks for the range of the first number that is near its own, within it, value by value, for that of
 * the second, and so on: work that does not grow with train as long as the numbers tell rows apart. Where
 * they do not, a lid on the steps makes the quantity undefined rather than endless. */
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "compared.h"
#include "mlgate/number.h"
#include "mlgate/parallel.h"
#include "overfit_private.h"
#include "row_chunks.h"
#include "row_look.h"
#include "row_match.h"

enum { CHUNK_ROWS = 4096 };
static const size_t most_bytes = (size_t)4 << 30;        /* of rows, of each source */
static const uint64_t most_steps = UINT64_C(1000000000); /* ten seconds of one processor or so */

/* A row: hash, hash, position, then its numbers (0 where a cell is none). */
enum { HASH = 0, POSITION = 2, NUMBERS = 3 };

/* What is read of a source. */
struct side {
    const struct mlg_data *data;
    struct mlg_observer observer;
    struct mlg_hash_key key;
    char decimal;
    const char **columns;
    bool by_fold; /* the last column is the fold's, which is no number */
    struct mlg_arena *arena;
    bool ended;
    const char *failed;
    double *rows;
    size_t count;
};

struct near_state {
    struct side held_out, train;
    struct mlg_compared *compared;
    bool is_less; /* as compared->is_less: the rows were looked at again */
};

/* ---- observers ----------------------------------------------------------------------------------- */

struct worker {
    const struct side *side;
    struct mlg_row_chunk *chunks;
    size_t count;
    struct mlg_row_words words;
    bool no_memory;
};

static size_t stride_of(const struct side *side)
{
    return NUMBERS + side->observer.column_count;
}

static void *near_begin(void *context)
{
    struct worker *worker = calloc(1, sizeof *worker);
    if (worker)
        worker->side = context;
    return worker;
}

static bool as_double(struct mlg_text cell, char decimal, double *value)
{
    char copy[512];
    if (decimal == '.')
        return mlg_number_parse(cell.bytes, cell.size, value) && isfinite(*value);
    if (cell.size > sizeof copy)
        return false;
    for (size_t i = 0; i < cell.size; i++)
        copy[i] = cell.bytes[i] == decimal ? '.' : cell.bytes[i];
    return mlg_number_parse(copy, cell.size, value) && isfinite(*value);
}

static bool observe_row(struct worker *worker, const struct mlg_observed *rows, size_t index)
{
    const struct side *side = worker->side;
    struct mlg_row_words *words = &worker->words;
    double *row = (double *)(void *)mlg_row_chunk_add(&worker->chunks, CHUNK_ROWS, stride_of(side));
    if (!row)
        return false;
    worker->count++;
    words->count = 0;
    for (size_t c = 0; c < side->observer.column_count; c++) {
        const struct mlg_text cell = rows->cells[c][index];
        enum mlg_cell_kind kind;
        if (!mlg_row_words_reserve(words, mlg_cell_room_words(cell.size)))
            return false;
        const size_t more = mlg_cell_words(cell, side->decimal, words->words + words->count, &kind);
        row[NUMBERS + c] = 0;
        const bool is_fold = side->by_fold && c + 1 == side->observer.column_count;
        if (kind == MLG_CELL_IS_NUMBER && !is_fold && as_double(cell, side->decimal, &row[NUMBERS + c])) {
            words->words[words->count++] = UINT64_MAX; /* no cell begins like that */
            row[NUMBERS + c] += 0;                     /* -0 is 0 */
        } else {
            words->count += more;
            row[NUMBERS + c] = 0;
        }
    }
    const struct mlg_hash hash = mlg_hash_words(side->key, words->words, words->count);
    memcpy(row + HASH, &hash, sizeof hash);
    memcpy(row + POSITION, &rows->positions[index], sizeof *rows->positions);
    return true;
}

static int near_observe(void *context, const struct mlg_observed *rows, struct mlg_error *error)
{
    struct worker *worker = context;
    (void)error;
    for (size_t i = 0; i < rows->rows && !worker->no_memory; i++)
        worker->no_memory = worker->count * stride_of(worker->side) * sizeof(double) > most_bytes ||
                            !observe_row(worker, rows, i);
    if (worker->no_memory)
        mlg_row_chunks_free(&worker->chunks);
    return MLG_OK;
}

static int near_end(void *context, void *const *workers, size_t worker_count, struct mlg_error *error)
{
    struct side *side = context;
    const size_t stride = stride_of(side);
    bool no_memory = false;
    size_t count = 0;
    (void)error;
    side->ended = true;
    for (size_t i = 0; i < worker_count; i++) {
        count += ((const struct worker *)workers[i])->count;
        no_memory |= ((const struct worker *)workers[i])->no_memory;
    }
    if (!no_memory && count * stride * sizeof(double) <= most_bytes)
        side->rows = mlg_arena_alloc(side->arena, count + 1, stride * sizeof *side->rows);
    if (!side->rows) {
        side->failed =
            "has more rows than are compared number by number (4 GiB at 8 bytes a cell and 24 a row); "
            "give a sample of it, or name fewer columns";
        return MLG_OK;
    }
    for (size_t i = 0; i < worker_count; i++) {
        struct worker *worker = workers[i];
        while (worker->chunks) {
            struct mlg_row_chunk *chunk = worker->chunks;
            memcpy(side->rows + side->count * stride, chunk->words,
                   chunk->count * stride * sizeof *chunk->words);
            side->count += chunk->count;
            worker->chunks = chunk->next;
            free(chunk);
        }
    }
    return MLG_OK;
}

static void near_release(void *context)
{
    struct worker *worker = context;
    if (!worker)
        return;
    mlg_row_chunks_free(&worker->chunks);
    mlg_row_words_free(&worker->words);
    free(worker);
}

/* ---- plan ---------------------------------------------------------------------------------------- */

static void set_columns(struct side *side, const struct mlg_compared *compared)
{
    side->by_fold = compared->adds_fold;
    side->observer.column_count = mlg_compared_columns(compared, side->data, side->columns);
}

static int plan_side(struct side *side, const struct near_state *state, const struct mlg_data *data,
                     struct mlg_plan *plan, struct mlg_overfit_planning *planning, struct mlg_error *error)
{
    side->data = data;
    side->key = mlg_hash_key_of(planning->seed);
    side->decimal = mlg_data_decimal(data);
    side->arena = planning->arena;
    side->columns = MLG_NEW_ARRAY(planning->arena, const char *, state->compared->column_count + 1);
    if (!side->columns)
        return mlg_error_set(error, MLG_LIMIT, "no memory to compare rows");
    side->observer = (struct mlg_observer){.columns = side->columns,
                                           .context = side,
                                           .begin = near_begin,
                                           .observe = near_observe,
                                           .end = near_end,
                                           .release = near_release};
    set_columns(side, state->compared);
    return mlg_plan_observe(plan, &side->observer, error);
}

static int near_plan(struct mlg_call *call, struct mlg_overfit_planning *planning, void **out,
                     struct mlg_error *error)
{
    struct near_state *state = MLG_NEW(planning->arena, struct near_state);
    *out = state;
    if (!state)
        return mlg_error_set(error, MLG_LIMIT, "no memory to compare rows");
    int code = mlg_compared_plan(call, planning, true, &state->compared, error);
    if (code != MLG_OK || !state->compared)
        return code;
    code = plan_side(&state->held_out, state, planning->held_out_data, planning->held_out, planning, error);
    return code == MLG_OK
               ? plan_side(&state->train, state, planning->train_data, planning->train, planning, error)
               : code;
}

/* ---- nearness ------------------------------------------------------------------------------------ */

struct nearness {
    double tolerance;
    size_t stride, column_count;
    double *scales; /* per column: numbers smaller than it are as near as if they were of its size */
    size_t *order;  /* columns, the most telling first */
};

static bool is_near(const struct nearness *near, size_t column, double a, double b)
{
    return fabs(a - b) <= near->tolerance * fmax(fmax(fabs(a), fabs(b)), near->scales[column]);
}

/* Every number that is near `value` lies no farther from it than this. */
static double reach(const struct nearness *near, size_t column, double value)
{
    const double width = near->tolerance * fmax(fabs(value) / (1 - near->tolerance), near->scales[column]);
    return width * (1 + 1e-12); /* what rounding took */
}

/* The lower quartile of the sizes of train's numbers, zeros left out; 0: there are none. */
static double scale_of(const struct side *train, size_t column, double *room)
{
    const size_t stride = stride_of(train);
    size_t count = 0;
    for (size_t i = 0; i < train->count; i++) {
        const double size = fabs(train->rows[i * stride + NUMBERS + column]);
        if (size > 0)
            room[count++] = size;
    }
    return count > 0 ? mlg_family_select(room, count, count / 4) : 0;
}

/* How many pairs of a few rows of both the column alone does not tell apart. */
static size_t pairs_of(const struct nearness *near, const struct near_state *state, size_t column)
{
    enum { ROWS = 500 };
    const struct side *held_out = &state->held_out, *train = &state->train;
    size_t pairs = 0;
    const size_t most = held_out->count < ROWS ? held_out->count : ROWS;
    const size_t most_train = train->count < ROWS ? train->count : ROWS;
    for (size_t i = 0; i < most; i++)
        for (size_t k = 0; k < most_train; k++)
            pairs += is_near(near, column,
                             held_out->rows[held_out->count / most * i * near->stride + NUMBERS + column],
                             train->rows[train->count / most_train * k * near->stride + NUMBERS + column]);
    return pairs;
}

/* ---- the order of rows --------------------------------------------------------------------------- */

static int compare_hashes(const double *a, const double *b)
{
    struct mlg_hash x, y;
    memcpy(&x, a + HASH, sizeof x);
    memcpy(&y, b + HASH, sizeof y);
    const size_t word = x.words[0] == y.words[0];
    return (x.words[word] > y.words[word]) - (x.words[word] < y.words[word]);
}

static uint64_t position_of(const double *row)
{
    uint64_t position;
    memcpy(&position, row + POSITION, sizeof position);
    return position;
}

static int compare_numbers(const struct nearness *near, const double *a, const double *b)
{
    for (size_t i = 0; i < near->column_count; i++) {
        const double x = a[NUMBERS + near->order[i]], y = b[NUMBERS + near->order[i]];
        if (x < y)
            return -1;
        if (x > y)
            return 1;
    }
    return 0;
}

static int compare_rows(const void *x, const void *y, void *context)
{
    const double *a = *(const double *const *)x, *b = *(const double *const *)y;
    int order = compare_hashes(a, b);
    if (order == 0)
        order = compare_numbers(context, a, b);
    if (order == 0)
        order = position_of(a) < position_of(b) ? -1 : 1; /* no two rows have the same one */
    return order;
}

static const double **sort_rows(const struct side *side, const struct nearness *near)
{
    const double **rows = malloc((side->count + 1) * sizeof *rows);
    if (!rows)
        return NULL;
    for (size_t i = 0; side->rows && i < side->count; i++)
        rows[i] = side->rows + i * near->stride;
    qsort_r(rows, side->count, sizeof *rows, compare_rows, (void *)(uintptr_t)near);
    return rows;
}

static bool same_row(const struct nearness *near, const double *a, const double *b)
{
    return compare_hashes(a, b) == 0 && compare_numbers(near, a, b) == 0;
}

/* How many rows equal another one. */
static uint64_t count_twins(const struct nearness *near, const double **rows, size_t count)
{
    uint64_t twins = 0;
    bool as_before = false;
    for (size_t i = 0; i < count; i++) {
        const bool as_next = i + 1 < count && same_row(near, rows[i], rows[i + 1]);
        twins += as_before || as_next;
        as_before = as_next;
    }
    return twins;
}

/* Leaves the first of equal rows. */
static size_t drop_equal(const struct nearness *near, const double **rows, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || !same_row(near, rows[kept - 1], rows[i]))
            rows[kept++] = rows[i];
    return kept;
}

/* ---- search -------------------------------------------------------------------------------------- */

enum { BLOCK = 1024 };

struct searching {
    const struct nearness *near;
    const double **held_out, **train; /* sorted; those of train all different */
    size_t held_out_count, train_count;
    const double **found; /* per held-out row, or NULL */
    atomic_uint_fast64_t steps;
};

struct range {
    size_t first, end;
};

/* Within rows that are equal up to `depth`: the first whose number there is not below `value` (or, `above`,
 * not at or below it). */
static size_t bound(const struct searching *searching, struct range range, size_t column, double value,
                    bool above, uint64_t *steps)
{
    while (range.first < range.end) {
        const size_t middle = range.first + (range.end - range.first) / 2;
        const double number = searching->train[middle][NUMBERS + column];
        ++*steps;
        if (above ? number <= value : number < value)
            range.first = middle + 1;
        else
            range.end = middle;
    }
    return range.first;
}

static bool is_near_from(const struct nearness *near, const double *a, const double *b, size_t depth)
{
    for (size_t i = depth; i < near->column_count; i++)
        if (!is_near(near, near->order[i], a[NUMBERS + near->order[i]], b[NUMBERS + near->order[i]]))
            return false;
    return true;
}

/* One level of the search that is under way. */
struct level {
    struct range range; /* of values still to look at, all near */
};

/* The first row of train in their order that is near; NULL: none, or too many steps. */
static const double *search(const struct searching *searching, const double *row, struct range range,
                            struct level *levels, uint64_t *steps)
{
    const struct nearness *near = searching->near;
    size_t depth = 0;
    if (near->column_count == 0 || range.first == range.end)
        return range.first < range.end ? searching->train[range.first] : NULL;
    for (bool enter = true;;) {
        const size_t column = near->order[depth];
        const double value = row[NUMBERS + column];
        if (enter) {
            const double width = reach(near, column, value);
            levels[depth].range.first = bound(searching, range, column, value - width, false, steps);
            levels[depth].range.end = bound(searching, (struct range){levels[depth].range.first, range.end},
                                            column, value + width, true, steps);
        }
        struct range *left = &levels[depth].range;
        if (left->first >= left->end || *steps > most_steps) {
            if (depth == 0 || *steps > most_steps)
                return NULL;
            depth--;
            enter = false;
            continue;
        }
        /* The rows of the next value: one of them is compared at once, more are looked into. */
        const double next = searching->train[left->first][NUMBERS + column];
        const size_t first = left->first;
        ++*steps;
        left->first++;
        if (left->first < left->end && searching->train[left->first][NUMBERS + column] <= next)
            left->first = bound(searching, *left, column, next, true, steps);
        enter = false;
        if (!is_near(near, column, value, next))
            continue;
        if (left->first - first == 1 || depth + 1 == near->column_count) {
            if (is_near_from(near, row, searching->train[first], depth + 1))
                return searching->train[first];
            continue;
        }
        range = (struct range){first, left->first};
        depth++;
        enter = true;
    }
}

/* The rows of train with the hash of `row`. */
static struct range with_hash(const struct searching *searching, const double *row)
{
    struct range found = {0, 0};
    for (int above = 0; above < 2; above++) {
        size_t low = found.first, high = searching->train_count;
        while (low < high) {
            const size_t middle = low + (high - low) / 2;
            const int order = compare_hashes(searching->train[middle], row);
            if (above ? order <= 0 : order < 0)
                low = middle + 1;
            else
                high = middle;
        }
        *(above ? &found.end : &found.first) = low;
    }
    return found;
}

static void search_block(void *context, size_t index)
{
    struct searching *searching = context;
    const struct nearness *near = searching->near;
    const size_t first = index * BLOCK;
    const size_t end = first + BLOCK < searching->held_out_count ? first + BLOCK : searching->held_out_count;
    struct level few[32], *levels = few;
    if (near->column_count > sizeof few / sizeof *few &&
        !(levels = malloc(near->column_count * sizeof *levels))) {
        atomic_fetch_add(&searching->steps, most_steps + 1);
        return;
    }
    for (size_t i = first; i < end && atomic_load(&searching->steps) <= most_steps; i++) {
        const double *row = searching->held_out[i];
        uint64_t steps = 1;
        if (i > first && same_row(near, searching->held_out[i - 1], row))
            searching->found[i] = searching->found[i - 1];
        else
            searching->found[i] = search(searching, row, with_hash(searching, row), levels, &steps);
        atomic_fetch_add(&searching->steps, steps);
    }
    if (levels != few)
        free(levels);
}

/* ---- evaluate ------------------------------------------------------------------------------------ */

static bool measure_nearness(const struct near_state *state, struct nearness *near, struct mlg_arena *arena)
{
    size_t *pairs = MLG_NEW_ARRAY(arena, size_t, near->column_count + 1);
    near->scales = MLG_NEW_ARRAY(arena, double, near->column_count + 1);
    near->order = MLG_NEW_ARRAY(arena, size_t, near->column_count + 1);
    double *room = malloc((state->train.count + 1) * sizeof *room);
    const bool ready = pairs && near->scales && near->order && room;
    for (size_t c = 0; ready && c < near->column_count; c++) {
        near->scales[c] = scale_of(&state->train, c, room);
        pairs[c] = pairs_of(near, state, c);
        size_t at = c;
        for (; at > 0 && pairs[near->order[at - 1]] > pairs[c]; at--)
            near->order[at] = near->order[at - 1];
        near->order[at] = c;
    }
    free(room);
    return ready;
}

/* Is the held-out row there with the very numbers? */
static bool is_equal(const struct searching *searching, uint64_t position)
{
    for (size_t i = 0; i < searching->held_out_count; i++)
        if (position_of(searching->held_out[i]) == position)
            return searching->found[i] &&
                   same_row(searching->near, searching->held_out[i], searching->found[i]);
    return false;
}

static void name_pairs(const struct near_state *state, const struct searching *searching,
                       const struct mlg_row_pairs *pairs, struct mlg_overfit_view *view,
                       struct mlg_overfit_outcome *outcome)
{
    struct mlg_arena *arena = view->held_out.scratch;
    struct mlg_looked rows[2][MLG_PAIRS];
    size_t counts[2] = {pairs->listed, pairs->listed};
    for (size_t i = 0; i < pairs->listed; i++) {
        rows[0][i] = (struct mlg_looked){.position = pairs->first[i].row};
        rows[1][i] = (struct mlg_looked){.position = pairs->first[i].as};
    }
    for (size_t k = 0; k < 2; k++) {
        const struct mlg_data *data = k ? state->train.data : state->held_out.data;
        counts[k] = mlg_looked_sort(rows[k], counts[k]);
        const struct mlg_row_look look = {
            .view = view, .source = data->name, .id = data->id, .rows = rows[k], .row_count = counts[k]};
        mlg_row_look(&look);
    }
    outcome->offenders_of = pairs->count;
    for (size_t i = 0; i < pairs->listed; i++) {
        const char *row = mlg_looked_name(rows[0], counts[0], pairs->first[i].row, arena);
        const char *as = mlg_looked_name(rows[1], counts[1], pairs->first[i].as, arena);
        const char *text = NULL;
        if (row && as && is_equal(searching, pairs->first[i].row)) /* as overlap tells it */
            text =
                strncmp(row, "id ", 3) == 0 && strcmp(row, as) == 0
                    ? mlg_arena_format(arena, "%s of both", row)
                    : mlg_arena_format(arena, "%s, as %s of %s", row, as, mlg_looked_file(state->train.data));
        else if (row && as)
            text = mlg_arena_format(arena, "%s, near %s of %s", row, as, mlg_looked_file(state->train.data));
        if (text)
            outcome->offenders[outcome->offender_count++] = text;
    }
}

static void tell(const struct mlg_call *call, const struct near_state *state,
                 const struct searching *searching, uint64_t twins, struct mlg_overfit_view *view,
                 struct mlg_evidence *evidence, struct mlg_overfit_outcome *outcome)
{
    struct mlg_arena *arena = view->held_out.scratch;
    struct mlg_row_pairs pairs = {.count = 0};
    for (size_t i = 0; i < searching->held_out_count; i++)
        if (searching->found[i]) {
            pairs.count++;
            mlg_add_pair(&pairs, (struct mlg_row_pair){position_of(searching->held_out[i]),
                                                       position_of(searching->found[i])});
        }
    evidence->kind = MLG_EXACT_VALUE;
    evidence->method = MLG_METHOD_EXACT;
    evidence->value = (double)pairs.count;
    mlg_compared_note(state->compared, call, pairs.count == 0, view, outcome);
    name_pairs(state, searching, &pairs, view, outcome);
    if (mlg_compared_by_chance(pairs.count, searching->held_out_count, twins, state->train.count))
        outcome->advice =
            mlg_compared_no_proof(state->held_out.data, state->train.data, twins, state->train.count, arena);
    else if (pairs.count > 0)
        outcome->advice = mlg_arena_format(
            arena,
            "remove from '%s' the %s %s of which '%s' has a near copy, or split again so that "
            "copies stay together",
            state->held_out.data->name, mlg_count_text(pairs.count, arena),
            mlg_plural(pairs.count, "row", "rows"), state->train.data->name);
}

static int by_position(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The rows that were read, once more, by the columns that are left. */
static void look_again(struct side *side, const struct mlg_compared *compared, struct mlg_overfit_view *view)
{
    const size_t stride = stride_of(side), count = side->count;
    uint64_t *positions = malloc((count + 1) * sizeof *positions);
    for (size_t i = 0; positions && i < count; i++)
        positions[i] = position_of(side->rows + i * stride);
    if (positions)
        qsort(positions, count, sizeof *positions, by_position);
    side->rows = NULL;
    side->count = 0;
    set_columns(side, compared);
    if (!positions || !mlg_rows_again(view, side->data->name, &side->observer, positions, count))
        side->failed = "cannot be read a second time, without the columns that are no part of a row; name "
                       "those that are in 'features'";
    free(positions);
}

static int near_evaluate(const struct mlg_call *call, void *context, struct mlg_overfit_view *view,
                         struct mlg_evidence *evidence, struct mlg_overfit_outcome *outcome,
                         struct mlg_error *error)
{
    struct near_state *state = context;
    struct side *const sides[] = {&state->held_out, &state->train};
    mlg_family_begin(call, evidence);
    const int code = mlg_compared_decide(state->compared, view, error);
    if (code != MLG_OK)
        return code;
    for (size_t i = 0; i < 2 && state->compared->is_less && !state->is_less; i++)
        if (sides[i]->ended && !sides[i]->failed)
            look_again(sides[i], state->compared, view);
    state->is_less = state->compared->is_less;
    for (size_t i = 0; i < 2; i++) {
        if (!sides[i]->ended)
            return mlg_error_set(error, MLG_INTERNAL, "the rows of '%s' were not seen", sides[i]->data->name);
        if (sides[i]->failed)
            return mlg_error_set(error, MLG_DATA, "'%s' %s", sides[i]->data->name, sides[i]->failed);
        if (sides[i]->count == 0)
            return mlg_evidence_undefined(evidence, "no rows");
    }
    evidence->n = state->held_out.count;
    struct nearness near = {.tolerance = call->arguments.tolerance,
                            .stride = stride_of(&state->train),
                            .column_count = state->train.observer.column_count};
    const bool measured = measure_nearness(state, &near, view->held_out.scratch);
    struct searching searching = {.near = &near, .held_out_count = state->held_out.count};
    searching.held_out = measured ? sort_rows(&state->held_out, &near) : NULL;
    searching.train = measured ? sort_rows(&state->train, &near) : NULL;
    searching.found = calloc(state->held_out.count + 1, sizeof *searching.found);
    const bool ready = searching.held_out && searching.train && searching.found;
    atomic_init(&searching.steps, 0);
    if (ready) {
        const uint64_t twins = count_twins(&near, searching.train, state->train.count);
        searching.train_count = drop_equal(&near, searching.train, state->train.count);
        mlg_parallel(view->threads, (searching.held_out_count + BLOCK - 1) / BLOCK, search_block, &searching);
        if (atomic_load(&searching.steps) > most_steps)
            mlg_evidence_undefined(evidence,
                                   "the rows are too alike for the tolerance: more than 1,000,000,000 "
                                   "comparisons; name the columns that tell rows apart, or set a smaller "
                                   "tolerance");
        else
            tell(call, state, &searching, twins, view, evidence, outcome);
    }
    free((void *)searching.held_out);
    free((void *)searching.train);
    free((void *)searching.found);
    return ready
               ? MLG_OK
               : mlg_error_set(error, MLG_DATA, "there is no memory to sort the rows; give a sample of them");
}

static const char *const arguments[] = {"columns", "tolerance", NULL};

const struct mlg_metric mlg_overfit_near_overlap = {
    .name = "near_overlap",
    .about = "how many held-out rows have a copy in train whose numbers are a little off",
    .definition =
        "held-out rows for which a row of train has equal cells where they are no numbers, and numbers with "
        "|a - b| <= "
        "tolerance x max(|a|, |b|, s), s being the lower quartile of the sizes of the column's numbers in "
        "train (zeros "
        "left out), so that noise around 0 is noise too; tolerance 1e-6 if not given; numbers as doubles",
    .undefined_when =
        "there are no rows, or so many are alike that finding out would take more than 1,000,000,000 "
        "comparisons",
    .source = "none: counted",
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_EXACT,
    .params = mlg_overfit_params,
    .arguments = arguments,
    MLG_OVERFIT_KERNEL(.needs = MLG_NEEDS_TRAIN | MLG_NEEDS_COLUMNS, .exact = true, .within_folds = true,
                       .plan = near_plan, .evaluate = near_evaluate),
};
