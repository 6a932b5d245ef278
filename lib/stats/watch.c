/* watch: an observer that keeps the cells of some columns, and what becomes of them. */
#include "watch.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/number.h"
#include "mlgate/text.h"
#include "scan_private.h"
#include "time_key.h"

/* ---- a cell in eight bytes ------------------------------------------------------------------------ */

/* A number stands for itself, a missing cell is NaN, and a text is a NaN that carries its code. They are
 * moved as bytes, never computed with. */
#define BOX UINT64_C(0x7ff8000100000000)

static double boxed(uint32_t code)
{
    const uint64_t bits = BOX | code;
    double cell;
    memcpy(&cell, &bits, sizeof cell);
    return cell;
}

static bool is_text(const double *cell, uint32_t *code)
{
    uint64_t bits;
    memcpy(&bits, cell, sizeof bits);
    *code = (uint32_t)bits;
    return bits >> 32 == BOX >> 32;
}

/* ---- what is gathered ----------------------------------------------------------------------------- */

struct gathered {
    double *cells;
    const char **texts;
    size_t text_count;
    bool has_infinities;
};

struct mlg_watch {
    struct mlg_observer observer;
    const struct mlg_data *data;
    struct mlg_arena *arena;
    char decimal;
    atomic_size_t cells;
    atomic_bool too_many_cells;
    atomic_size_t too_many_texts; /* 1 + the first column that has them */
    bool keeps_texts;
    size_t rows;
    uint64_t *positions;
    struct gathered *columns;
    /* What was made of it last, and with whom. */
    const struct mlg_watch *partner;
    struct mlg_features features, partner_features;
};

/* What one worker sees. */
struct worker {
    struct mlg_watch *watch;
    size_t rows, capacity;
    uint64_t *positions;
    double **cells;                       /* [column][row] */
    struct mlg_dictionary **dictionaries; /* [column] */
};

static void release(void *context)
{
    struct worker *worker = context;
    for (size_t c = 0; c < worker->watch->observer.column_count; c++) {
        if (worker->cells)
            free(worker->cells[c]);
        if (worker->dictionaries)
            mlg_dictionary_free(worker->dictionaries[c]);
    }
    free((void *)worker->cells);
    free((void *)worker->dictionaries);
    free(worker->positions);
    free(worker);
}

static void *begin(void *context)
{
    struct mlg_watch *watch = context;
    const size_t columns = watch->observer.column_count;
    struct worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        return NULL;
    worker->watch = watch;
    worker->cells = calloc(columns + 1, sizeof *worker->cells);
    worker->dictionaries = calloc(columns + 1, sizeof *worker->dictionaries);
    bool memory = worker->cells && worker->dictionaries;
    for (size_t c = 0; memory && c < columns; c++)
        memory = (worker->dictionaries[c] = mlg_dictionary_new(MLG_WATCH_TEXTS)) != NULL;
    if (memory)
        return worker;
    release(worker);
    return NULL;
}

static bool grow(struct worker *worker, size_t rows)
{
    if (worker->rows + rows <= worker->capacity)
        return true;
    const size_t capacity = 2 * (worker->rows + rows);
    uint64_t *positions = realloc(worker->positions, capacity * sizeof *positions);
    if (!positions)
        return false;
    worker->positions = positions;
    for (size_t c = 0; c < worker->watch->observer.column_count; c++) {
        double *cells = realloc(worker->cells[c], capacity * sizeof *cells);
        if (!cells)
            return false;
        worker->cells[c] = cells;
    }
    worker->capacity = capacity;
    return true;
}

static void too_many_texts(struct mlg_watch *watch, size_t column)
{
    size_t known = atomic_load(&watch->too_many_texts);
    while ((known == 0 || column + 1 < known) &&
           !atomic_compare_exchange_weak(&watch->too_many_texts, &known, column + 1)) {
    }
}

static double cell_of(struct worker *worker, size_t column, struct mlg_text text)
{
    double number;
    if (!text.bytes)
        return (double)NAN;
    if (mlg_number_parse_with(text.bytes, text.size, worker->watch->decimal, &number) && !isnan(number))
        return number;
    const uint32_t code = mlg_dictionary_code(worker->dictionaries[column], text.bytes, text.size);
    if (code == MLG_NO_CODE)
        too_many_texts(worker->watch, column);
    return boxed(code);
}

/* What is too much is remembered and no error here: who needs no columns of the source can do without. */
static int observe(void *context, const struct mlg_observed *rows, struct mlg_error *error)
{
    struct worker *worker = context;
    struct mlg_watch *watch = worker->watch;
    const size_t columns = watch->observer.column_count;
    const size_t before = atomic_fetch_add(&watch->cells, rows->rows * columns);
    if (before + rows->rows * columns > MLG_WATCH_CELLS)
        atomic_store(&watch->too_many_cells, true);
    if (atomic_load(&watch->too_many_cells) || atomic_load(&watch->too_many_texts))
        return MLG_OK;
    if (!grow(worker, rows->rows))
        return mlg_scan_no_memory(error, watch->data);
    memcpy(worker->positions + worker->rows, rows->positions, rows->rows * sizeof *rows->positions);
    for (size_t c = 0; c < columns; c++)
        for (size_t i = 0; i < rows->rows; i++)
            worker->cells[c][worker->rows + i] = cell_of(worker, c, rows->cells[c][i]);
    worker->rows += rows->rows;
    return MLG_OK;
}

/* ---- one source ----------------------------------------------------------------------------------- */

/* The texts of a dictionary, in the arena. NULL: no memory. */
static const char **texts_of(const struct mlg_dictionary *dictionary, struct mlg_arena *arena)
{
    const size_t count = mlg_dictionary_count(dictionary);
    const char **texts = MLG_NEW_ARRAY(arena, const char *, count + 1);
    for (size_t k = 0; texts && k < count; k++) {
        size_t size;
        const char *text = mlg_dictionary_text(dictionary, (uint32_t)k, &size);
        texts[k] = mlg_arena_copy(arena, text, size);
        if (!texts[k])
            return NULL;
    }
    return texts;
}

/* The cells of one worker behind those of the workers before it, with codes of the one dictionary of all. */
static bool take_worker(struct mlg_watch *watch, const struct worker *worker, size_t column,
                        struct mlg_dictionary *all, struct gathered *gathered, size_t first)
{
    const struct mlg_dictionary *own = worker->dictionaries[column];
    const size_t count = mlg_dictionary_count(own);
    uint32_t *map = calloc(count + 1, sizeof *map);
    if (!map)
        return false;
    for (size_t k = 0; k < count; k++) {
        size_t size;
        const char *text = mlg_dictionary_text(own, (uint32_t)k, &size);
        map[k] = mlg_dictionary_code(all, text, size);
        if (map[k] == MLG_NO_CODE)
            too_many_texts(watch, column);
    }
    for (size_t i = 0; i < worker->rows; i++) {
        const double *from = &worker->cells[column][i];
        double *to = &gathered->cells[first + i];
        uint32_t code;
        if (is_text(from, &code))
            *to = boxed(map[code]);
        else
            *to = *from;
        gathered->has_infinities = gathered->has_infinities || isinf(*from);
    }
    free(map);
    return true;
}

static int end_column(struct mlg_watch *watch, size_t column, void *const *workers, size_t worker_count,
                      struct mlg_error *error)
{
    struct gathered *gathered = &watch->columns[column];
    struct mlg_dictionary *all = mlg_dictionary_new(MLG_WATCH_TEXTS);
    size_t first = 0;
    gathered->cells = MLG_NEW_ARRAY(watch->arena, double, watch->rows + 1);
    bool memory = all && gathered->cells;
    for (size_t w = 0; memory && w < worker_count; w++) {
        struct worker *worker = workers[w];
        memory = take_worker(watch, worker, column, all, gathered, first);
        first += worker->rows;
        free(worker->cells[column]);
        worker->cells[column] = NULL;
    }
    if (memory) {
        gathered->texts = texts_of(all, watch->arena);
        gathered->text_count = mlg_dictionary_count(all);
        memory = gathered->texts != NULL;
    }
    mlg_dictionary_free(all);
    return memory ? MLG_OK : mlg_scan_no_memory(error, watch->data);
}

static int end(void *context, void *const *workers, size_t worker_count, struct mlg_error *error)
{
    struct mlg_watch *watch = context;
    size_t first = 0;
    if (atomic_load(&watch->too_many_cells) || atomic_load(&watch->too_many_texts))
        return MLG_OK;
    for (size_t w = 0; w < worker_count; w++)
        watch->rows += ((const struct worker *)workers[w])->rows;
    watch->positions = MLG_NEW_ARRAY(watch->arena, uint64_t, watch->rows + 1);
    watch->columns = MLG_NEW_ARRAY(watch->arena, struct gathered, watch->observer.column_count + 1);
    if (!watch->positions || !watch->columns)
        return mlg_scan_no_memory(error, watch->data);
    for (size_t w = 0; w < worker_count; w++) {
        const struct worker *worker = workers[w];
        if (worker->rows > 0)
            memcpy(watch->positions + first, worker->positions, worker->rows * sizeof *worker->positions);
        first += worker->rows;
    }
    int code = MLG_OK;
    for (size_t c = 0; code == MLG_OK && c < watch->observer.column_count; c++)
        code = end_column(watch, c, workers, worker_count, error);
    return code;
}

int mlg_watch_columns(struct mlg_plan *plan, const struct mlg_data *data, const struct mlg_texts *columns,
                      struct mlg_arena *arena, struct mlg_watch **watch, struct mlg_error *error)
{
    /* Gates plan a second time where one of the sources has to be read again. */
    for (size_t o = 0; o < plan->observer_count; o++) {
        const struct mlg_observer *observer = plan->observers[o];
        bool same = observer->begin == begin && observer->column_count == columns->count;
        for (size_t c = 0; same && c < columns->count; c++)
            same = strcmp(observer->columns[c], columns->items[c]) == 0;
        if (same) {
            *watch = observer->context;
            return MLG_OK;
        }
    }
    struct mlg_watch *made = MLG_NEW(arena, struct mlg_watch);
    if (!made)
        return mlg_scan_no_memory(error, data);
    *watch = made;
    made->data = data;
    made->arena = arena;
    made->decimal = mlg_data_decimal(data);
    atomic_init(&made->cells, 0);
    atomic_init(&made->too_many_cells, false);
    atomic_init(&made->too_many_texts, 0);
    made->observer = (struct mlg_observer){.columns = columns->items,
                                           .column_count = columns->count,
                                           .context = made,
                                           .begin = begin,
                                           .observe = observe,
                                           .end = end,
                                           .release = release,
                                           .role = "features"};
    return mlg_plan_observe(plan, &made->observer, error);
}

const uint64_t *mlg_watch_positions(const struct mlg_watch *watch, size_t *rows)
{
    *rows = watch->rows;
    return watch->positions;
}

/* ---- both together -------------------------------------------------------------------------------- */

static int check_limits(struct mlg_watch *watch, struct mlg_error *error)
{
    const size_t column = atomic_load(&watch->too_many_texts);
    if (atomic_load(&watch->too_many_cells))
        return mlg_error_set(error, MLG_DATA,
                             "%zu columns of '%s' have more than %d cells together; name fewer columns with "
                             "'features'",
                             watch->observer.column_count, watch->data->name, MLG_WATCH_CELLS);
    if (column > 0)
        return mlg_error_set(
            error, MLG_DATA,
            "column '%s' of '%s' has more than %d different texts; name the columns that are meant "
            "with 'features'",
            watch->observer.columns[column - 1], watch->data->name, MLG_WATCH_TEXTS);
    return MLG_OK;
}

/* Cells without texts are the numbers already, but for infinities. NULL: no memory. */
static const double *numbers_of(const struct mlg_watch *watch, size_t column, struct mlg_arena *arena)
{
    const struct gathered *gathered = &watch->columns[column];
    if (!gathered->has_infinities)
        return gathered->cells;
    double *numbers = MLG_NEW_ARRAY(arena, double, watch->rows + 1);
    for (size_t i = 0; numbers && i < watch->rows; i++)
        numbers[i] = isinf(gathered->cells[i]) ? (double)NAN : gathered->cells[i];
    return numbers;
}

/* False: no memory; too many texts are told apart by the watch. */
static bool codes_of(struct mlg_watch *watch, size_t column, struct mlg_dictionary *all,
                     struct mlg_arena *arena, const uint32_t **codes)
{
    const struct gathered *gathered = &watch->columns[column];
    uint32_t *out = MLG_NEW_ARRAY(arena, uint32_t, watch->rows + 1);
    uint32_t *map = calloc(gathered->text_count + 1, sizeof *map);
    bool memory = out && map;
    for (size_t k = 0; memory && k < gathered->text_count; k++) {
        map[k] = mlg_dictionary_code(all, gathered->texts[k], strlen(gathered->texts[k]));
        if (map[k] == MLG_NO_CODE)
            too_many_texts(watch, column);
    }
    for (size_t i = 0; memory && i < watch->rows; i++) {
        char text[MLG_NUMBER_SIZE];
        uint32_t code;
        if (is_text(&gathered->cells[i], &code))
            out[i] = map[code];
        else if (isnan(gathered->cells[i]))
            out[i] = MLG_CODE_MISSING;
        else {
            const size_t size = mlg_number_print(gathered->cells[i] + 0.0, text); /* -0 is 0 */
            out[i] = mlg_dictionary_code(all, text, size);
        }
        if (out[i] == MLG_NO_CODE)
            too_many_texts(watch, column);
    }
    free(map);
    *codes = out;
    return memory;
}

enum kind { NUMBERS, TIMES, KINDS };

/* How many cells of a source are of each kind, and what its texts are as times. */
struct kinds {
    size_t present, of[KINDS];
    double *times; /* of each text; NaN: it is none */
};

static bool count_kinds(const struct mlg_watch *watch, size_t column, struct kinds *kinds)
{
    const struct gathered *gathered = &watch->columns[column];
    *kinds = (struct kinds){.times = calloc(gathered->text_count + 1, sizeof *kinds->times)};
    if (!kinds->times)
        return false;
    for (size_t k = 0; k < gathered->text_count; k++) {
        const struct mlg_text text = {.bytes = gathered->texts[k], .size = strlen(gathered->texts[k])};
        struct mlg_time_key key;
        enum mlg_time_kind kind;
        kinds->times[k] = mlg_time_parse(text, '.', &key, &kind) && kind != MLG_TIME_NUMBER
                              ? (double)key.whole + (double)key.fraction * 1e-19
                              : (double)NAN;
    }
    for (size_t i = 0; i < watch->rows; i++) {
        uint32_t code;
        if (is_text(&gathered->cells[i], &code)) {
            kinds->present++;
            if (!isnan(kinds->times[code]))
                kinds->of[TIMES]++;
        } else if (!isnan(gathered->cells[i])) {
            kinds->present++;
            kinds->of[NUMBERS]++;
        }
    }
    return true;
}

static bool are_mostly(const struct kinds *kinds, enum kind kind)
{
    return 10 * kinds->of[kind] >= 9 * kinds->present;
}

/* The cells of one kind as numbers; the others count as missing. False: no memory. */
static bool sort_out(const struct mlg_watch *watch, size_t column, const struct kinds *kinds, enum kind kind,
                     struct mlg_arena *arena, const double **numbers, struct mlg_feature *feature)
{
    const struct gathered *gathered = &watch->columns[column];
    double *out = MLG_NEW_ARRAY(arena, double, watch->rows + 1);
    if (!out)
        return false;
    for (size_t i = 0; i < watch->rows; i++) {
        const double cell = gathered->cells[i];
        char text[MLG_NUMBER_SIZE];
        const char *odd = NULL;
        uint32_t code;
        out[i] = (double)NAN;
        if (is_text(&gathered->cells[i], &code)) {
            if (kind == TIMES)
                out[i] = kinds->times[code];
            odd = isnan(out[i]) ? gathered->texts[code] : NULL;
        } else if (!isnan(cell)) {
            if (kind == NUMBERS && !isinf(cell))
                out[i] = cell;
            else if (kind == TIMES) {
                text[(size_t)mlg_number_print(cell + 0.0, text)] = '\0';
                odd = text;
            }
        }
        if (!odd)
            continue;
        feature->odd_count++;
        if (feature->odd && strcmp(odd, feature->odd) >= 0)
            continue;
        feature->odd = odd == text ? mlg_arena_copy(arena, text, strlen(text)) : odd;
        if (!feature->odd)
            return false;
    }
    *numbers = out;
    return true;
}

/* A column with texts as one of numbers, if that is what nearly all cells of both are. False: no memory. */
static bool make_numbers(const struct mlg_watch *one, const struct mlg_watch *two, size_t column,
                         struct mlg_arena *arena, struct mlg_feature *first, struct mlg_feature *second)
{
    struct kinds mine = {0}, its = {0};
    bool memory = count_kinds(one, column, &mine) && (!two || count_kinds(two, column, &its));
    for (enum kind kind = NUMBERS; memory && !first->is_numeric && kind < KINDS; kind++) {
        if (!are_mostly(&mine, kind) || !are_mostly(&its, kind) || mine.of[kind] + its.of[kind] == 0)
            continue;
        first->is_numeric = second->is_numeric = true;
        memory = sort_out(one, column, &mine, kind, arena, &first->numbers, first) &&
                 (!two || sort_out(two, column, &its, kind, arena, &second->numbers, second));
    }
    free(mine.times);
    free(its.times);
    return memory;
}

/* One column of both sources (`two` may be NULL). False: no memory. */
static bool make_column(struct mlg_watch *one, struct mlg_watch *two, size_t column, struct mlg_arena *arena,
                        struct mlg_feature *first, struct mlg_feature *second)
{
    *first = *second = (struct mlg_feature){.name = one->observer.columns[column]};
    if (one->columns[column].text_count == 0 && (!two || two->columns[column].text_count == 0)) {
        first->is_numeric = second->is_numeric = true;
        first->numbers = numbers_of(one, column, arena);
        second->numbers = two ? numbers_of(two, column, arena) : NULL;
        return first->numbers && (!two || second->numbers);
    }
    if (!one->keeps_texts && !make_numbers(one, two, column, arena, first, second))
        return false;
    if (first->is_numeric)
        return true;
    struct mlg_dictionary *all = mlg_dictionary_new(MLG_WATCH_TEXTS);
    bool memory = all && codes_of(one, column, all, arena, &first->codes) &&
                  (!two || codes_of(two, column, all, arena, &second->codes));
    if (memory) {
        first->texts = second->texts = texts_of(all, arena);
        first->text_count = second->text_count = mlg_dictionary_count(all);
        memory = first->texts != NULL;
    }
    mlg_dictionary_free(all);
    return memory;
}

void mlg_watch_keep_texts(struct mlg_watch *watch)
{
    watch->keeps_texts = true;
}

/* Of several columns the first in the order of names stands for all. */
static const struct mlg_feature *first_named(const struct mlg_feature *one, const struct mlg_feature *other)
{
    return one && strcmp(one->name, other->name) <= 0 ? one : other;
}

static const char *and_others(size_t columns, struct mlg_arena *arena)
{
    return columns > 1 ? mlg_arena_format(arena, "; so it is with %zu more %s", columns - 1,
                                          mlg_plural(columns - 1, "column", "columns"))
                       : "";
}

/* How many rows the categories of a column that have a place of their own in a model hold. */
static bool held_by_frequent(const struct mlg_feature *feature, size_t rows, size_t *held, size_t *present)
{
    size_t *counts = calloc(feature->text_count + 1, sizeof *counts);
    const bool memory = counts != NULL;
    *held = *present = 0;
    for (size_t i = 0; memory && i < rows; i++)
        if (feature->codes[i] < feature->text_count) {
            counts[feature->codes[i]]++;
            ++*present;
        }
    for (size_t taken = 0; memory && taken < MLG_SIMPLE_CATEGORIES; taken++) {
        size_t most = 0;
        for (size_t k = 1; k < feature->text_count; k++)
            if (counts[k] > counts[most])
                most = k;
        *held += counts[most];
        counts[most] = 0;
    }
    free(counts);
    return memory;
}

void mlg_watch_remark(const struct mlg_features *held_out, const struct mlg_features *train,
                      struct mlg_arena *arena, struct mlg_watch_remarks *remarks)
{
    const struct mlg_feature *odd = NULL, *odd_train = NULL, *many = NULL;
    const struct mlg_features *fitted = train->count ? train : held_out;
    size_t odd_columns = 0, many_columns = 0, held = 0, present = 0, texts = 0;
    for (size_t c = 0; c < held_out->count; c++) {
        const struct mlg_feature *feature = &held_out->items[c],
                                 *its = train->count ? &train->items[c] : NULL;
        if (feature->odd_count + (its ? its->odd_count : 0) > 0) {
            odd_columns++;
            if (first_named(odd, feature) == feature) {
                odd = feature;
                odd_train = its;
            }
        }
        size_t own_held, own_present;
        if (feature->is_numeric || feature->text_count <= MLG_SIMPLE_CATEGORIES ||
            !held_by_frequent(&fitted->items[c], fitted->rows, &own_held, &own_present) ||
            2 * own_held >= own_present)
            continue;
        many_columns++;
        if (first_named(many, feature) == feature) {
            many = feature;
            held = own_held;
            present = own_present;
            texts = feature->text_count;
        }
    }
    remarks->count = 0;
    if (odd) {
        const size_t count = odd->odd_count + (odd_train ? odd_train->odd_count : 0);
        const char *one = odd->odd ? odd->odd : odd_train ? odd_train->odd : NULL;
        if (odd->odd && odd_train && odd_train->odd && strcmp(odd_train->odd, odd->odd) < 0)
            one = odd_train->odd;
        remarks->items[remarks->count++] = mlg_arena_format(
            arena, "column '%s' is one of numbers but for %zu %s, which %s as missing ('%s')%s", odd->name,
            count, mlg_plural(count, "cell", "cells"), count == 1 ? "counts" : "count", one ? one : "",
            and_others(odd_columns, arena));
    }
    if (many)
        remarks->items[remarks->count++] = mlg_arena_format(
            arena,
            "column '%s' has %zu different texts, of which the %d that models tell apart are %.0f %% of the "
            "rows%s",
            many->name, texts, MLG_SIMPLE_CATEGORIES, 100 * (double)held / (double)present,
            and_others(many_columns, arena));
}

int mlg_watch_features(struct mlg_watch *held_out, struct mlg_watch *train, struct mlg_arena *arena,
                       struct mlg_features *held_out_features, struct mlg_features *train_features,
                       struct mlg_error *error)
{
    const size_t columns = held_out->observer.column_count;
    int code = check_limits(held_out, error);
    if (code == MLG_OK && train)
        code = check_limits(train, error);
    if (code != MLG_OK)
        return code;
    if (held_out->features.items && held_out->partner == train) {
        *held_out_features = held_out->features;
        *train_features = held_out->partner_features;
        return MLG_OK;
    }
    struct mlg_feature *first = MLG_NEW_ARRAY(arena, struct mlg_feature, columns + 1);
    struct mlg_feature *second = MLG_NEW_ARRAY(arena, struct mlg_feature, columns + 1);
    if (!first || !second)
        return mlg_scan_no_memory(error, held_out->data);
    for (size_t c = 0; c < columns; c++)
        if (!make_column(held_out, train, c, arena, &first[c], &second[c]))
            return mlg_scan_no_memory(error, held_out->data);
    code = check_limits(held_out, error);
    if (code == MLG_OK && train)
        code = check_limits(train, error);
    if (code != MLG_OK)
        return code;
    held_out->partner = train;
    held_out->features = (struct mlg_features){held_out->rows, columns, first};
    held_out->partner_features = (struct mlg_features){train ? train->rows : 0, columns, second};
    *held_out_features = held_out->features;
    *train_features = held_out->partner_features;
    return MLG_OK;
}
