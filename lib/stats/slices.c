/* Slices: which group a row is in, worker by worker, and which slices the groups are in the end. */
#include "scan_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/number.h"

/* A column without declared values needs no table: missing is group 1 and code c is group c + 3, which
 * unsigned arithmetic gives for both, since MLG_CODE_MISSING is two under zero. */
#define PLAIN_GROUP(code) ((code) + 3U)
#define PLAIN_CODE(group) ((group)-3U)

/* ---- pairs --------------------------------------------------------------------------------------- */

enum { DENSE_PAIRS = 1 << 16 };

static size_t hash_place(const struct mlg_pairs *pairs, uint64_t key)
{
    /* Fibonacci hashing: the upper bits of a product are well mixed. */
    size_t at = (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 20) & (pairs->hash_size - 1);
    while (pairs->hash[at] && pairs->list[pairs->hash[at] - 1] != key)
        at = (at + 1) & (pairs->hash_size - 1);
    return at;
}

static bool grow_pairs(struct mlg_pairs *pairs)
{
    const size_t capacity = pairs->capacity ? 2 * pairs->capacity : 16;
    uint64_t *list = realloc(pairs->list, capacity * sizeof *list);
    if (!list)
        return false;
    pairs->list = list;
    pairs->capacity = capacity;
    free(pairs->hash);
    pairs->hash_size = 2 * capacity;
    pairs->hash = calloc(pairs->hash_size, sizeof *pairs->hash);
    if (!pairs->hash)
        return false;
    for (size_t i = 0; i < pairs->count; i++)
        pairs->hash[hash_place(pairs, pairs->list[i])] = (uint32_t)i + 1;
    return true;
}

/* Makes the dense table hold (a, b) if it stays small. */
static bool grow_dense(struct mlg_pairs *pairs, uint32_t a, uint32_t b)
{
    size_t rows = pairs->dense_rows ? pairs->dense_rows : 8;
    size_t columns = pairs->dense_columns ? pairs->dense_columns : 8;
    while (rows <= a && rows <= DENSE_PAIRS)
        rows *= 2;
    while (columns <= b && columns <= DENSE_PAIRS)
        columns *= 2;
    if (rows * columns > DENSE_PAIRS || (rows == pairs->dense_rows && columns == pairs->dense_columns))
        return true;
    uint32_t *dense = calloc(rows * columns, sizeof *dense);
    if (!dense)
        return false;
    free(pairs->dense);
    pairs->dense = dense;
    pairs->dense_rows = rows;
    pairs->dense_columns = columns;
    for (size_t i = 0; i < pairs->count; i++) {
        const uint32_t first = (uint32_t)(pairs->list[i] >> 32), second = (uint32_t)pairs->list[i];
        if (first < rows && second < columns)
            dense[first * columns + second] = (uint32_t)i + 1;
    }
    return true;
}

/* The number of a pair that the dense table does not know; 0: no memory. */
static uint32_t pair_slowly(struct mlg_pairs *pairs, uint32_t a, uint32_t b)
{
    const uint64_t key = a * (UINT64_C(1) << 32) + b;
    if (pairs->count == pairs->capacity && !grow_pairs(pairs))
        return 0;
    const size_t at = hash_place(pairs, key);
    if (pairs->hash[at] == 0) {
        pairs->list[pairs->count++] = key;
        pairs->hash[at] = (uint32_t)pairs->count;
        if (!grow_dense(pairs, a, b))
            return 0;
        if (a < pairs->dense_rows && b < pairs->dense_columns)
            pairs->dense[a * pairs->dense_columns + b] = (uint32_t)pairs->count;
    }
    return pairs->hash[at];
}

static inline uint32_t pair(struct mlg_pairs *pairs, uint32_t a, uint32_t b)
{
    if (a < pairs->dense_rows && b < pairs->dense_columns) {
        const uint32_t id = pairs->dense[a * pairs->dense_columns + b];
        if (id)
            return id;
    }
    return pair_slowly(pairs, a, b);
}

/* ---- groups of a batch --------------------------------------------------------------------------- */

static bool compare_groups(const struct mlg_slicing *slicing, const double *numbers, size_t count,
                           uint32_t *groups)
{
    /* A missing number is NaN, which no comparison holds for: it is in no slice. */
    const double bound = slicing->bound.value;
    switch (slicing->comparator) {
    case MLG_AT_LEAST:
        for (size_t i = 0; i < count; i++)
            groups[i] = numbers[i] >= bound;
        return true;
    case MLG_AT_MOST:
        for (size_t i = 0; i < count; i++)
            groups[i] = numbers[i] <= bound;
        return true;
    case MLG_ABOVE:
        for (size_t i = 0; i < count; i++)
            groups[i] = numbers[i] > bound;
        return true;
    case MLG_BELOW:
        for (size_t i = 0; i < count; i++)
            groups[i] = numbers[i] < bound;
        return true;
    case MLG_NO_COMPARATOR:
        break;
    }
    memset(groups, 0, count * sizeof *groups);
    return true;
}

/* 1 + the index of the first declared value that equals the text, or 0. */
static uint32_t declared_group(const struct mlg_slicing *slicing, const char *text)
{
    for (size_t i = 0; i < slicing->declared_count; i++)
        if (strcmp(slicing->declared[i], text) == 0)
            return (uint32_t)i + 1;
    return 0;
}

static bool learn_declared(struct mlg_local_slicing *local, const struct mlg_dictionary *dictionary)
{
    const size_t known = mlg_dictionary_count(dictionary);
    if (known > local->declared_capacity) {
        const size_t capacity = known < 16 ? 16 : 2 * known;
        uint32_t *grown = realloc(local->declared_groups, capacity * sizeof *grown);
        if (!grown)
            return false;
        local->declared_groups = grown;
        local->declared_capacity = capacity;
    }
    for (; local->declared_known < known; local->declared_known++)
        local->declared_groups[local->declared_known] = declared_group(
            local->slicing, mlg_dictionary_text(dictionary, (uint32_t)local->declared_known, NULL));
    return true;
}

/* The bin of a number: how many cuts it has reached; missing is missing. */
static uint32_t bin_of(const struct mlg_bin *bin, double number)
{
    size_t low = 0, high = bin->count;
    if (isnan(number))
        return MLG_CODE_MISSING;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (number < bin->cuts[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return (uint32_t)low;
}

static inline uint32_t code_at(const struct mlg_bin *bin, const struct mlg_column *column, size_t row)
{
    return bin ? bin_of(bin, column->numbers[row]) : column->codes[row];
}

bool mlg_slicing_groups(struct mlg_local_slicing *local, const struct mlg_batch *batch, size_t first,
                        size_t count, uint32_t *groups, size_t *group_count)
{
    const struct mlg_slicing *slicing = local->slicing;
    const struct mlg_column *columns = batch->columns;
    if (slicing->is_comparison) {
        *group_count = 2;
        const double *numbers = columns[local->requests[0]].numbers + first;
        for (size_t i = 0; i < count && first < batch->rows; i++)
            local->uncompared += isnan(numbers[i]) != 0;
        return compare_groups(slicing, numbers, count, groups);
    }
    const struct mlg_column *column = &columns[local->requests[0]];
    const struct mlg_dictionary *dictionary = batch->dictionaries[local->dictionaries[0]];
    if (slicing->declared_count > 0) {
        const uint32_t *codes = column->codes + first;
        if (!learn_declared(local, dictionary))
            return false;
        for (size_t i = 0; i < count; i++)
            groups[i] = codes[i] == MLG_CODE_MISSING ? 0 : local->declared_groups[codes[i]];
        *group_count = slicing->declared_count + 1;
        return true;
    }
    bool missing = false;
    for (size_t i = 0; i < count; i++) {
        groups[i] = PLAIN_GROUP(code_at(slicing->bins[0], column, first + i));
        missing |= groups[i] == PLAIN_GROUP(MLG_CODE_MISSING);
    }
    local->missing_seen |= missing;
    *group_count =
        PLAIN_GROUP(slicing->bins[0] ? slicing->bins[0]->count + 1 : mlg_dictionary_count(dictionary));
    for (size_t c = 1; c < slicing->column_count; c++) {
        struct mlg_pairs *pairs = local->pairs + c - 1;
        column = &columns[local->requests[c]];
        for (size_t i = 0; i < count; i++) {
            groups[i] = pair(pairs, groups[i], PLAIN_GROUP(code_at(slicing->bins[c], column, first + i)));
            if (groups[i] == 0)
                return false;
        }
        *group_count = pairs->count + 1;
    }
    return true;
}

bool mlg_slicing_is_known(const struct mlg_local_slicing *local, const struct mlg_batch *batch)
{
    for (size_t c = 0; c < local->slicing->column_count; c++) {
        const struct mlg_column *column = &batch->columns[local->requests[c]];
        if (!column->numbers && !column->codes)
            return false;
    }
    return true;
}

static bool lacks(const struct mlg_column *column, size_t row)
{
    if (column->numbers)
        return isnan(column->numbers[row]);
    return !column->codes || column->codes[row] == MLG_CODE_MISSING;
}

/* Slices by a label or prediction have no slice of those that lack it. */
static bool lacks_role(const struct mlg_local_slicing *local, const struct mlg_batch *batch, size_t row)
{
    for (size_t c = 0; c < local->slicing->column_count; c++)
        if (local->is_role[c] && lacks(&batch->columns[local->requests[c]], row))
            return true;
    return false;
}

bool mlg_slicing_drop(struct mlg_local_slicing *local, const struct mlg_batch *batch, const uint32_t *groups,
                      size_t group_count, const int *columns, size_t count)
{
    const size_t stride = local->dropped_stride = 2 + count;
    if (group_count > local->dropped_groups) {
        const size_t room = 2 * group_count;
        uint64_t *grown = realloc(local->dropped, room * stride * sizeof *grown);
        if (!grown)
            return false;
        memset(grown + local->dropped_groups * stride, 0,
               (room - local->dropped_groups) * stride * sizeof *grown);
        local->dropped = grown;
        local->dropped_groups = room;
    }
    for (size_t i = 0; i < batch->dropped; i++) {
        uint64_t *counts = local->dropped + groups[i] * stride;
        if (lacks_role(local, batch, batch->rows + i))
            continue;
        counts[0]++;
        counts[1] += batch->is_unmatched;
        for (size_t c = 0; c < count && !batch->is_unmatched; c++)
            counts[2 + c] += lacks(&batch->columns[columns[c]], batch->rows + i);
    }
    return true;
}

size_t mlg_slicing_met(const struct mlg_local_slicing *local, struct mlg_dictionary *const *dictionaries)
{
    const struct mlg_slicing *slicing = local->slicing;
    if (slicing->is_comparison)
        return 1;
    if (slicing->declared_count > 0)
        return slicing->declared_count;
    if (slicing->column_count > 1)
        return local->pairs[slicing->column_count - 2].count;
    if (slicing->bins[0])
        return slicing->bins[0]->count + 1 + local->missing_seen;
    return mlg_dictionary_count(dictionaries[local->dictionaries[0]]) + local->missing_seen;
}

void mlg_slicing_free(struct mlg_local_slicing *local)
{
    free(local->declared_groups);
    free(local->dropped);
    for (size_t i = 0; i + 1 < MLG_CROSS_COLUMNS; i++) {
        free(local->pairs[i].list);
        free(local->pairs[i].hash);
        free(local->pairs[i].dense);
    }
}

/* The sentence names no count: a worker stops as soon as it has met too many, and how many it has met by
 * then depends on the workers. */
int mlg_slicing_too_many(const struct mlg_plan *plan, const struct mlg_slicing *most, struct mlg_error *error)
{
    const size_t limit = plan->slice_limit ? plan->slice_limit : MLG_PLAN_SLICES;
    return mlg_error_set(
        error, MLG_LIMIT,
        "slicing '%s' by '%s' gives more than %zu slices with all its slicings together, the "
        "limit; slice by columns with fewer values, declare the values that count, or raise "
        "max_slices",
        plan->data->name, most->written ? most->written : most->columns[0], limit);
}

/* ---- slices at the end --------------------------------------------------------------------------- */

/* A group of some worker, or a declared value, on its way to become a slice. */
struct item {
    const char *values[MLG_CROSS_COLUMNS];
    double numbers[MLG_CROSS_COLUMNS];
    const bool *numeric; /* per column: all values are numbers */
    size_t columns;
    uint64_t rows;
    const uint64_t *dropped; /* as in struct mlg_local_slicing; NULL: none */
    uint32_t *map;           /* where to write 1 + slice; NULL: a declared value */
};

static int compare_items(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    for (size_t c = 0; c < x->columns; c++) {
        if (!x->values[c] || !y->values[c]) {
            if (x->values[c] != y->values[c])
                return x->values[c] ? -1 : 1;
            continue;
        }
        if (x->numeric[c] && x->numbers[c] != y->numbers[c])
            return x->numbers[c] < y->numbers[c] ? -1 : 1;
        const int order = strcmp(x->values[c], y->values[c]);
        if (order)
            return order;
    }
    return 0;
}

static bool same_values(const struct item *x, const struct item *y)
{
    for (size_t c = 0; c < x->columns; c++)
        if (x->values[c] != y->values[c] &&
            (!x->values[c] || !y->values[c] || strcmp(x->values[c], y->values[c]) != 0))
            return false;
    return true;
}

/* The counts of a group's dropped rows; NULL: there are none. */
static const uint64_t *dropped_of(const struct mlg_local_slicing *local, size_t group)
{
    const uint64_t *counts =
        group < local->dropped_groups ? local->dropped + group * local->dropped_stride : NULL;
    return counts && counts[0] > 0 ? counts : NULL;
}

/* Adds a group's dropped rows to those of the slice. False: no memory. */
static bool add_dropped(struct mlg_slice *slice, const uint64_t *counts, size_t columns,
                        struct mlg_arena *arena)
{
    uint64_t *missing = (uint64_t *)(uintptr_t)slice->missing;
    if (!missing && !(missing = MLG_NEW_ARRAY(arena, uint64_t, columns + 1)))
        return false;
    slice->missing = missing;
    slice->dropped += counts[0];
    slice->unmatched += counts[1];
    for (size_t c = 0; c < columns; c++)
        missing[c] += counts[2 + c];
    return true;
}

/* The text of a column's plain group; NULL: missing. */
static const char *plain_text(const struct mlg_slicing_source *source, size_t column, uint32_t group)
{
    const uint32_t code = PLAIN_CODE(group);
    if (code == MLG_CODE_MISSING)
        return NULL;
    if (source->local->slicing->bins[column])
        return source->local->slicing->bins[column]->names[code];
    return mlg_dictionary_text(source->dictionaries[source->local->dictionaries[column]], code, NULL);
}

static void name_group(const struct mlg_slicing_source *source, uint32_t group, struct item *item)
{
    const struct mlg_slicing *slicing = source->local->slicing;
    if (slicing->declared_count > 0) {
        item->values[0] = slicing->declared[group - 1];
        return;
    }
    for (size_t c = slicing->column_count - 1; c > 0; c--) {
        const uint64_t both = source->local->pairs[c - 1].list[group - 1];
        item->values[c] = plain_text(source, c, (uint32_t)both);
        group = (uint32_t)(both >> 32);
    }
    item->values[0] = plain_text(source, 0, group);
}

static void find_numeric(struct item *items, size_t count, const struct mlg_slicing *slicing, bool *numeric)
{
    for (size_t c = 0; c < slicing->column_count; c++) {
        const struct mlg_bin *bin = slicing->bins[c];
        numeric[c] = true;
        for (size_t i = 0; bin && i < count; i++) /* bins stand in the order of their cuts */
            for (size_t b = 0; b <= bin->count; b++)
                if (items[i].values[c] == bin->names[b])
                    items[i].numbers[c] = (double)b;
        if (bin)
            continue;
        for (size_t i = 0; i < count && numeric[c]; i++) {
            const char *value = items[i].values[c];
            numeric[c] = !value || mlg_scan_number(value, strlen(value), &items[i].numbers[c]);
        }
    }
}

int mlg_slices_make(const struct mlg_plan *plan, size_t slicing_index,
                    const struct mlg_slicing_source *sources, size_t source_count, size_t dropper_count,
                    struct mlg_slices *slices, struct mlg_error *error)
{
    const struct mlg_slicing *slicing = plan->slicings[slicing_index];
    slices->slicing = slicing;
    size_t room = slicing->declared_count + 1;
    for (size_t i = 0; i < source_count; i++)
        room += sources[i].accumulator->slicings[slicing_index].groups;
    struct item *items = calloc(room, sizeof *items);
    bool numeric[MLG_CROSS_COLUMNS] = {false};
    size_t count = 0;
    if (!items)
        return mlg_scan_no_memory(error, plan->data);
    for (size_t i = 0; i < slicing->declared_count; i++)
        items[count++].values[0] = slicing->declared[i];
    const char *comparison = NULL;
    if (slicing->is_comparison) {
        char number[MLG_NUMBER_SIZE];
        mlg_number_print(slicing->bound.value, number);
        comparison = mlg_arena_format(plan->arena, "%s %s", mlg_comparator_text(slicing->comparator), number);
        if (!comparison) {
            free(items);
            return mlg_scan_no_memory(error, plan->data);
        }
        items[count++].values[0] = comparison;
    }
    for (size_t i = 0; i < source_count; i++) {
        const size_t groups = sources[i].accumulator->slicings[slicing_index].groups;
        slices->uncompared += sources[i].local->uncompared;
        for (size_t g = 1; g < groups; g++) {
            const uint64_t rows = mlg_accumulator_rows(sources[i].accumulator, slicing_index, g);
            const uint64_t *dropped = dropped_of(sources[i].local, g);
            if (rows == 0 && !dropped)
                continue;
            struct item *item = items + count++;
            item->rows = rows;
            item->dropped = dropped;
            item->map = sources[i].map + g;
            if (comparison)
                item->values[0] = comparison;
            else
                name_group(sources + i, (uint32_t)g, item);
        }
    }
    find_numeric(items, count, slicing, numeric);
    for (size_t i = 0; i < count; i++) {
        items[i].columns = slicing->column_count;
        items[i].numeric = numeric;
    }
    qsort(items, count, sizeof *items, compare_items);
    size_t distinct = 0;
    for (size_t i = 0; i < count; i++)
        distinct += i == 0 || !same_values(items + i, items + i - 1);
    const bool must_have_rows = comparison || slicing->declared_count > 0;
    slices->items = MLG_NEW_ARRAY(plan->arena, struct mlg_slice, distinct + 1);
    bool memory = slices->items != NULL;
    for (size_t i = 0; memory && i < count; i++) {
        if (i == 0 || !same_values(items + i, items + i - 1)) {
            struct mlg_slice *slice = slices->items + slices->count++;
            slice->column_count = slicing->column_count;
            slice->columns = (const char **)(uintptr_t)slicing->columns;
            slice->values = MLG_NEW_ARRAY(plan->arena, const char *, slicing->column_count);
            memory = slice->values != NULL;
            for (size_t c = 0; memory && c < slicing->column_count; c++) {
                const char *value = items[i].values[c];
                if (value)
                    memory = (slice->values[c] = mlg_arena_copy(plan->arena, value, strlen(value))) != NULL;
            }
        }
        slices->items[slices->count - 1].rows += items[i].rows;
        if (memory && items[i].dropped)
            memory =
                add_dropped(&slices->items[slices->count - 1], items[i].dropped, dropper_count, plan->arena);
        if (items[i].map)
            *items[i].map = (uint32_t)slices->count;
    }
    for (size_t k = 0; memory && k < slices->count; k++)
        slices->items[k].declared_absent = must_have_rows && slices->items[k].rows == 0;
    free(items);
    return memory ? 0 : mlg_scan_no_memory(error, plan->data);
}
