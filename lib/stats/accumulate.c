/* Tallies and moments: counting cells and adding terms, per group of every slicing. */
#include "scan_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- shape --------------------------------------------------------------------------------------- */

static size_t products_of(size_t count)
{
    return count * (count + 1) / 2;
}

/* Of the weights of a group: w, w^2, w^3, w^4. */
enum { WEIGHT_SUMS = 4 };

/* The sums of one group, one after the other: u; then, with products, u_s u_t; with weights also w^2 u, and
 * u and u_s u_t once more, without the weight. Of one term then w^3 u, w^3 u^2, w^3 u^3, or without weights
 * u^3.
 */
struct layout {
    /* where the products, the w^2 u, the unweighted ones and the cubes begin */
    size_t count, products, squares, even, cubes;
    size_t strata, size; /* sums of a stratum, sums of a group */
};

static struct layout layout_of(const struct mlg_moments_plan *moments, bool weighted)
{
    const struct mlg_terms *terms = moments->terms;
    struct layout l = {.count = terms->count, .products = terms->count, .strata = 1};
    if (terms->largest)
        return (struct layout){0};
    if (terms->strata) { /* u, and with weights w^2 */
        l.strata = (size_t)moments->parameters[0];
        l.squares = l.count;
        l.even = l.cubes = l.size = l.strata * (l.count + weighted);
        return l;
    }
    const bool both = terms->products && weighted;
    l.squares = l.products + (terms->products ? products_of(l.count) : 0);
    l.even = l.squares + (both ? l.count : 0);
    l.cubes = l.even + (both ? l.count + products_of(l.count) : 0);
    l.size = l.cubes + (terms->products && l.count == 1 ? (weighted ? MLG_POWERS - 1 : 1) : 0);
    return l;
}

int mlg_accumulator_init(struct mlg_accumulator *accumulator, const struct mlg_plan *plan,
                         size_t slicing_count, bool weighted, bool tallies)
{
    *accumulator = (struct mlg_accumulator){
        .plan = plan, .weighted = weighted, .tallies = tallies, .slicing_count = slicing_count};
    accumulator->slicings = calloc(slicing_count, sizeof *accumulator->slicings);
    accumulator->buffer = calloc(MLG_BATCH_ROWS, (MLG_TERMS + 7) * sizeof(double) + sizeof(uint32_t));
    return accumulator->slicings && accumulator->buffer ? 0 : MLG_LIMIT;
}

void mlg_accumulator_free(struct mlg_accumulator *accumulator)
{
    for (size_t s = 0; accumulator->slicings && s < accumulator->slicing_count; s++) {
        struct mlg_slicing_sums *sums = accumulator->slicings + s;
        free(sums->rows);
        free(sums->cells);
        free(sums->slots);
        free(sums->pool);
        free(sums->weights);
        free(sums->weighing);
        for (size_t m = 0; sums->largest && m < accumulator->plan->moments_count; m++)
            free(sums->largest[m]);
        free(sums->largest);
        for (size_t m = 0; sums->moments && m < accumulator->plan->moments_count; m++)
            free(sums->moments[m]);
        free(sums->moments);
    }
    free(accumulator->slicings);
    free(accumulator->buffer);
    accumulator->slicings = NULL;
    accumulator->buffer = NULL;
}

/* items grown from `old` to `count` times `size` bytes, the rest zero. False: no memory. */
static bool widen(void *items, size_t old, size_t count, size_t size)
{
    void **at = items;
    char *grown = realloc(*at, count * size);
    if (!grown)
        return false;
    memset(grown + old * size, 0, (count - old) * size);
    *at = grown;
    return true;
}

/* Cells of the old shape, copied into the new one. No groups yet means no cells: calloc() of nothing may
 * give NULL, which is no lack of memory. */
static bool reshape(void *items, size_t size, size_t groups, size_t labels, size_t predictions,
                    size_t new_groups, size_t new_labels, size_t new_predictions)
{
    void **at = items;
    char *old = *at, *shaped = calloc(new_groups * new_labels * new_predictions + 1, size);
    if (!shaped)
        return false;
    for (size_t g = 0; old && g < groups; g++)
        for (size_t y = 0; y < labels; y++)
            memcpy(shaped + ((g * new_labels + y) * new_predictions) * size,
                   old + ((g * labels + y) * predictions) * size, predictions * size);
    free(old);
    *at = shaped;
    return true;
}

static size_t room_for(size_t have, size_t need)
{
    if (have >= need)
        return have;
    size_t room = have ? have : 2;
    while (room < need)
        room *= 2;
    return room;
}

static bool grow_groups(struct mlg_accumulator *a, struct mlg_slicing_sums *sums, size_t groups)
{
    const struct mlg_plan *plan = a->plan;
    const size_t old = sums->groups;
    if (sums->counts_rows && !widen(&sums->rows, old, groups, sizeof *sums->rows))
        return false;
    if (a->weighted && !widen(&sums->weighing, old, groups, sizeof *sums->weighing))
        return false;
    if (!sums->has_moments || plan->moments_count == 0)
        return true;
    if (a->weighted && !widen(&sums->weights, WEIGHT_SUMS * old, WEIGHT_SUMS * groups, sizeof *sums->weights))
        return false;
    if (!sums->moments && !(sums->moments = calloc(plan->moments_count, sizeof *sums->moments)))
        return false;
    if (!sums->largest && !(sums->largest = calloc(plan->moments_count, sizeof *sums->largest)))
        return false;
    for (size_t m = 0; m < plan->moments_count; m++) {
        const struct layout l = layout_of(plan->moments + m, a->weighted);
        if (plan->moments[m].terms->largest && !widen(&sums->largest[m], old, groups, sizeof(double)))
            return false;
        if (l.size > 0 && !widen(&sums->moments[m], old * l.size, groups * l.size, sizeof(struct mlg_sum)))
            return false;
    }
    return true;
}

int mlg_accumulator_reserve(struct mlg_accumulator *a, const size_t *groups, size_t labels,
                            size_t predictions, struct mlg_error *error)
{
    const size_t old_labels = a->labels, old_predictions = a->predictions;
    const size_t new_labels = room_for(old_labels, labels);
    const size_t new_predictions = room_for(old_predictions, predictions);
    const bool other_codes = new_labels != old_labels || new_predictions != old_predictions;
    size_t cells = 0, strata = 0;
    bool grows = other_codes;
    for (size_t s = 0; s < a->slicing_count; s++) {
        const size_t room = room_for(a->slicings[s].groups, groups[s]);
        grows = grows || room != a->slicings[s].groups;
        if (a->slicings[s].counts_cells)
            cells += room * new_labels * new_predictions;
        for (size_t m = 0; a->slicings[s].has_moments && m < a->plan->moments_count; m++)
            if (a->plan->moments[m].terms->strata)
                strata += room * (size_t)a->plan->moments[m].parameters[0];
    }
    if (!grows)
        return 0;
    if (cells > MLG_SCAN_CELLS && labels + predictions > MLG_SCAN_FEW_CLASSES)
        return mlg_classes_too_many(a->plan, error);
    if (cells > MLG_SCAN_CELLS)
        return mlg_error_set(error, MLG_LIMIT,
                             "counting slices x labels x predictions of '%s' takes more than %d cells; use "
                             "fewer slices, or labels with fewer classes",
                             a->plan->data->name, MLG_SCAN_CELLS);
    if (strata > MLG_SCAN_STRATA)
        return mlg_error_set(error, MLG_LIMIT,
                             "slices x bins of '%s' are more than %d; use fewer slices or fewer bins",
                             a->plan->data->name, MLG_SCAN_STRATA);
    for (size_t s = 0; s < a->slicing_count; s++) {
        struct mlg_slicing_sums *sums = a->slicings + s;
        const size_t room = room_for(sums->groups, groups[s]);
        if (room == sums->groups && !other_codes)
            continue;
        if (room != sums->groups && !grow_groups(a, sums, room))
            return mlg_scan_no_memory(error, a->plan->data);
        if (sums->counts_cells && (!reshape(&sums->cells, sizeof *sums->cells, sums->groups, old_labels,
                                            old_predictions, room, new_labels, new_predictions) ||
                                   (a->weighted && a->tallies &&
                                    !reshape(&sums->slots, sizeof *sums->slots, sums->groups, old_labels,
                                             old_predictions, room, new_labels, new_predictions))))
            return mlg_scan_no_memory(error, a->plan->data);
        sums->groups = room;
    }
    a->labels = new_labels;
    a->predictions = new_predictions;
    return 0;
}

/* The two sums of a weighted cell, made when it first occurs; NULL: over the limit or no memory. */
static struct mlg_sum *weights_of_cell(struct mlg_slicing_sums *sums, size_t cell)
{
    if (sums->slots[cell])
        return sums->pool + 2 * (size_t)(sums->slots[cell] - 1);
    if (sums->pool_count == sums->pool_capacity) {
        const size_t capacity = sums->pool_capacity ? 2 * sums->pool_capacity : 8;
        if (sums->pool_count == MLG_SCAN_WEIGHTED_CELLS ||
            !widen(&sums->pool, 2 * sums->pool_capacity, 2 * capacity, sizeof *sums->pool))
            return NULL;
        sums->pool_capacity = capacity;
    }
    sums->slots[cell] = (uint32_t)++sums->pool_count;
    return sums->pool + 2 * (sums->pool_count - 1);
}

/* ---- accumulation -------------------------------------------------------------------------------- */

/* The buffers of a batch. */
struct buffers {
    double *terms[MLG_TERMS];
    double *square, *square_rest;   /* w^2 = square + square_rest, exactly */
    double *product, *product_rest; /* u_s u_t likewise */
    double *present;                /* 1, or 0 where the weight is 0 */
    double *third, *fourth;         /* w^3 and w^4, rounded */
    uint32_t *cells;
    bool squares_rest; /* some square_rest is not 0 */
    bool all_present;  /* no weight is 0 */
};

static struct buffers buffers_of(const struct mlg_accumulator *a)
{
    struct buffers b = {.squares_rest = true};
    for (size_t t = 0; t < MLG_TERMS; t++)
        b.terms[t] = a->buffer + t * MLG_BATCH_ROWS;
    double *next = a->buffer + MLG_TERMS * MLG_BATCH_ROWS;
    b.square = next;
    b.square_rest = next + MLG_BATCH_ROWS;
    b.product = next + 2 * MLG_BATCH_ROWS;
    b.product_rest = next + 3 * MLG_BATCH_ROWS;
    b.present = next + 4 * MLG_BATCH_ROWS;
    b.third = next + 5 * MLG_BATCH_ROWS;
    b.fourth = next + 6 * MLG_BATCH_ROWS;
    b.cells = (uint32_t *)(void *)(next + 7 * MLG_BATCH_ROWS);
    return b;
}

/* Tells whether there are low parts at all: squares of short weights (1, 2.5) have none. */
static bool exact_products(const double *a, const double *b, size_t count, double *high, double *low)
{
    bool rest = false;
    for (size_t i = 0; i < count; i++) {
        high[i] = a[i] * b[i];
        low[i] = isfinite(high[i]) ? fma(a[i], b[i], -high[i]) : 0;
        rest |= low[i] != 0;
    }
    return rest;
}

static bool count_cells(struct mlg_accumulator *a, struct mlg_slicing_sums *sums, const uint32_t *groups,
                        const uint32_t *cells, const struct mlg_rows *rows, const struct buffers *b)
{
    const size_t size = a->labels * a->predictions;
    uint64_t *counts = sums->cells;
    if (groups) {
        for (size_t i = 0; i < rows->count; i++)
            counts[groups[i] * size + cells[i]]++;
    } else {
        for (size_t i = 0; i < rows->count; i++)
            counts[size + cells[i]]++;
    }
    if (!a->weighted || !a->tallies)
        return true;
    for (size_t i = 0; i < rows->count; i++) {
        if (groups && groups[i] == 0)
            continue;
        struct mlg_sum *w = weights_of_cell(sums, (groups ? groups[i] : 1) * size + cells[i]);
        if (!w)
            return false;
        mlg_sum_add(w, rows->weight[i]);
        mlg_sum_add(w + 1, b->square[i]);
        if (b->squares_rest)
            mlg_sum_add(w + 1, b->square_rest[i]);
    }
    return true;
}

/* Of the rows that have a weight. */
static void add_present(struct mlg_sum *sums, size_t stride, const uint32_t *groups, const double *values,
                        size_t count, const struct buffers *b)
{
    if (b->all_present)
        mlg_sum_add_each(sums, stride, groups, values, count);
    else
        mlg_sum_add_products(sums, stride, groups, b->present, values, count);
}

/* Rounded row by row, so that their order leaves no trace. */
static void add_cubes(struct mlg_sum *sums, struct layout l, const uint32_t *groups,
                      const struct mlg_rows *rows, const struct buffers *b)
{
    const size_t n = rows->count;
    const double *u = b->terms[0];
    if (l.size == l.cubes)
        return;
    for (size_t i = 0; i < n; i++)
        b->product[i] = rows->weight ? b->third[i] * u[i] : u[i] * u[i] * u[i];
    mlg_sum_add_each(sums + l.cubes, l.size, groups, b->product, n);
    for (size_t k = l.cubes + 1; k < l.size; k++) {
        for (size_t i = 0; i < n; i++)
            b->product[i] *= u[i];
        mlg_sum_add_each(sums + k, l.size, groups, b->product, n);
    }
}

static void add_moments(struct mlg_sum *sums, struct layout l, const uint32_t *groups,
                        const struct mlg_rows *rows, const struct buffers *b)
{
    const size_t n = rows->count, stride = l.size;
    for (size_t t = 0; t < l.count; t++) {
        if (rows->weight)
            mlg_sum_add_products(sums + t, stride, groups, rows->weight, b->terms[t], n);
        else
            mlg_sum_add_each(sums + t, stride, groups, b->terms[t], n);
    }
    if (l.products == l.size)
        return;
    add_cubes(sums, l, groups, rows, b);
    for (size_t t = 0; t < l.count; t++) {
        for (size_t s = 0; s <= t; s++) {
            struct mlg_sum *at = sums + l.products + s + t * (t + 1) / 2;
            if (!rows->weight) {
                mlg_sum_add_products(at, stride, groups, b->terms[s], b->terms[t], n);
                continue;
            }
            const bool rest = exact_products(b->terms[s], b->terms[t], n, b->product, b->product_rest);
            struct mlg_sum *even = sums + l.even + l.count + s + t * (t + 1) / 2;
            add_present(even, stride, groups, b->product, n, b);
            if (rest)
                add_present(even, stride, groups, b->product_rest, n, b);
            mlg_sum_add_products(at, stride, groups, b->square, b->product, n);
            if (rest)
                mlg_sum_add_products(at, stride, groups, b->square, b->product_rest, n);
            if (b->squares_rest)
                mlg_sum_add_products(at, stride, groups, b->square_rest, b->product, n);
            if (rest && b->squares_rest)
                mlg_sum_add_products(at, stride, groups, b->square_rest, b->product_rest, n);
        }
        if (rows->weight) {
            struct mlg_sum *at = sums + l.squares + t;
            mlg_sum_add_products(at, stride, groups, b->square, b->terms[t], n);
            if (b->squares_rest)
                mlg_sum_add_products(at, stride, groups, b->square_rest, b->terms[t], n);
            add_present(sums + l.even + t, stride, groups, b->terms[t], n, b);
        }
    }
}

/* Slicing 0 has no group array: its sums are those of group 1. */
static struct mlg_sum *from_group(struct mlg_sum *sums, size_t size, const uint32_t *groups)
{
    return groups ? sums : sums + size;
}

/* Every stratum of every group is a group of its own. */
static void add_strata(struct mlg_sum *sums, struct layout l, const uint32_t *groups,
                       const struct mlg_rows *rows, const struct buffers *b)
{
    const size_t stride = l.size / l.strata;
    uint32_t *const at = b->cells; /* no longer needed */
    for (size_t i = 0; i < rows->count; i++)
        at[i] = (groups ? groups[i] * (uint32_t)l.strata : 0) + (uint32_t)b->terms[l.count][i];
    for (size_t t = 0; t < l.count; t++) {
        if (rows->weight)
            mlg_sum_add_products(sums + t, stride, at, rows->weight, b->terms[t], rows->count);
        else
            mlg_sum_add_each(sums + t, stride, at, b->terms[t], rows->count);
    }
    if (!rows->weight)
        return;
    mlg_sum_add_each(sums + l.squares, stride, at, b->square, rows->count);
    if (b->squares_rest)
        mlg_sum_add_each(sums + l.squares, stride, at, b->square_rest, rows->count);
}

static void keep_largest(double *largest, const uint32_t *groups, const struct mlg_rows *rows,
                         const double *values)
{
    for (size_t i = 0; i < rows->count; i++) {
        double *at = largest + (groups ? groups[i] : 1);
        if ((!rows->weight || rows->weight[i] > 0) && values[i] > *at)
            *at = values[i];
    }
}

static void add_to_group(struct mlg_slicing_sums *sums, size_t m, const struct mlg_moments_plan *moments,
                         bool weighted, const uint32_t *groups, const struct mlg_rows *rows,
                         const struct buffers *b)
{
    const struct layout l = layout_of(moments, weighted);
    if (moments->terms->largest)
        keep_largest(sums->largest[m], groups, rows, b->terms[0]);
    else
        (moments->terms->strata ? add_strata : add_moments)(from_group(sums->moments[m], l.size, groups), l,
                                                            groups, rows, b);
}

void mlg_accumulate(struct mlg_accumulator *a, const struct mlg_rows *rows, const uint32_t *const *groups,
                    size_t *bad_row, const char **why)
{
    const struct mlg_plan *plan = a->plan;
    struct buffers b = buffers_of(a);
    const size_t n = rows->count;
    *bad_row = 0;
    if (a->weighted) {
        b.squares_rest = exact_products(rows->weight, rows->weight, n, b.square, b.square_rest);
        b.all_present = true;
        for (size_t i = 0; i < n; i++) {
            b.third[i] = b.square[i] * rows->weight[i];
            b.fourth[i] = b.square[i] * b.square[i];
            b.present[i] = rows->weight[i] > 0;
            b.all_present &= rows->weight[i] > 0;
        }
    }
    for (size_t i = 0; i < n; i++)
        b.cells[i] = (rows->label ? rows->label[i] * (uint32_t)a->predictions : 0) +
                     (rows->prediction ? rows->prediction[i] : 0);
    for (size_t s = 0; s < a->slicing_count; s++) {
        struct mlg_slicing_sums *sums = a->slicings + s;
        if (sums->counts_cells && !count_cells(a, sums, groups[s], b.cells, rows, &b)) {
            *bad_row = 1;
            *why = NULL;
            return;
        }
        if (sums->counts_rows) {
            if (groups[s])
                for (size_t i = 0; i < n; i++)
                    sums->rows[groups[s][i]]++;
            else
                sums->rows[1] += n;
        }
        if (sums->weighing && (sums->counts_rows || sums->counts_cells))
            for (size_t i = 0; i < n; i++)
                sums->weighing[groups[s] ? groups[s][i] : 1] += rows->weight[i] > 0;
        if (sums->weights) {
            struct mlg_sum *at = from_group(sums->weights, WEIGHT_SUMS, groups[s]);
            mlg_sum_add_each(at, WEIGHT_SUMS, groups[s], rows->weight, n);
            mlg_sum_add_each(at + 1, WEIGHT_SUMS, groups[s], b.square, n);
            if (b.squares_rest)
                mlg_sum_add_each(at + 1, WEIGHT_SUMS, groups[s], b.square_rest, n);
            mlg_sum_add_each(at + 2, WEIGHT_SUMS, groups[s], b.third, n);
            mlg_sum_add_each(at + 3, WEIGHT_SUMS, groups[s], b.fourth, n);
        }
    }
    for (size_t m = 0; m < plan->moments_count; m++) {
        const struct mlg_moments_plan *moments = plan->moments + m;
        *bad_row = moments->terms->compute(rows, moments->parameters, b.terms, why);
        if (*bad_row)
            return;
        for (size_t s = 0; s < a->slicing_count; s++)
            if (a->slicings[s].has_moments)
                add_to_group(a->slicings + s, m, moments, a->weighted, groups[s], rows, &b);
    }
}

/* ---- merging ------------------------------------------------------------------------------------- */

static bool merge_cells(struct mlg_accumulator *into, struct mlg_slicing_sums *target, size_t group,
                        const struct mlg_accumulator *from, const struct mlg_slicing_sums *source,
                        size_t from_group_index, const uint32_t *label_map, const uint32_t *prediction_map)
{
    for (size_t y = 0; y < from->labels; y++)
        for (size_t p = 0; p < from->predictions; p++) {
            const size_t cell = (from_group_index * from->labels + y) * from->predictions + p;
            if (source->cells[cell] == 0)
                continue;
            const size_t to = (group * into->labels + label_map[y]) * into->predictions + prediction_map[p];
            target->cells[to] += source->cells[cell];
            if (!into->weighted || !into->tallies)
                continue;
            struct mlg_sum *w = weights_of_cell(target, to);
            if (!w)
                return false;
            const struct mlg_sum *more = source->pool + 2 * (size_t)(source->slots[cell] - 1);
            mlg_sum_merge(w, more);
            mlg_sum_merge(w + 1, more + 1);
        }
    return true;
}

int mlg_accumulator_merge(struct mlg_accumulator *into, size_t slicing, const struct mlg_accumulator *from,
                          size_t from_slicing, const uint32_t *group_map, const uint32_t *label_map,
                          const uint32_t *prediction_map, struct mlg_error *error)
{
    struct mlg_slicing_sums *target = into->slicings + slicing;
    const struct mlg_slicing_sums *source = from->slicings + from_slicing;
    for (size_t g = 1; g < source->groups; g++) {
        if (mlg_accumulator_rows(from, from_slicing, g) == 0)
            continue;
        const size_t group = group_map ? group_map[g] : 1;
        if (group == 0)
            continue;
        if (target->counts_cells && source->counts_cells &&
            !merge_cells(into, target, group, from, source, g, label_map, prediction_map))
            return mlg_scan_no_memory(error, into->plan->data);
        if (target->counts_rows)
            target->rows[group] += mlg_accumulator_rows(from, from_slicing, g);
        if (into->weighted)
            target->weighing[group] += source->weighing[g];
        if (!target->has_moments || !source->has_moments)
            continue;
        for (size_t i = 0; target->weights && i < WEIGHT_SUMS; i++)
            mlg_sum_merge(target->weights + WEIGHT_SUMS * group + i, source->weights + WEIGHT_SUMS * g + i);
        for (size_t m = 0; m < into->plan->moments_count; m++) {
            const size_t size = layout_of(into->plan->moments + m, into->weighted).size;
            if (into->plan->moments[m].terms->largest)
                target->largest[m][group] = fmax(target->largest[m][group], source->largest[m][g]);
            for (size_t i = 0; i < size; i++)
                mlg_sum_merge(target->moments[m] + group * size + i, source->moments[m] + g * size + i);
        }
    }
    return 0;
}

uint64_t mlg_accumulator_rows(const struct mlg_accumulator *a, size_t slicing, size_t group)
{
    const struct mlg_slicing_sums *sums = a->slicings + slicing;
    if (group >= sums->groups)
        return 0;
    if (sums->counts_rows)
        return sums->rows[group];
    const size_t size = a->labels * a->predictions;
    uint64_t rows = 0;
    for (size_t i = 0; i < size; i++)
        rows += sums->cells[group * size + i];
    return rows;
}

void mlg_accumulator_margins(const struct mlg_accumulator *a, size_t slicing, uint64_t *label_rows,
                             uint64_t *prediction_rows)
{
    const struct mlg_slicing_sums *sums = a->slicings + slicing;
    for (size_t g = 1; g < sums->groups; g++)
        for (size_t y = 0; y < a->labels; y++)
            for (size_t p = 0; p < a->predictions; p++) {
                const uint64_t rows = sums->cells[(g * a->labels + y) * a->predictions + p];
                label_rows[y] += rows;
                prediction_rows[p] += rows;
            }
}

/* ---- outcome ------------------------------------------------------------------------------------- */

static struct mlg_tally *tallies_of(const struct mlg_scan_whole *whole, const struct mlg_accumulator *a,
                                    size_t slicing, struct mlg_arena *arena)
{
    const struct mlg_slices *slices = whole->scan.slicings + slicing;
    const struct mlg_slicing_sums *sums = a->slicings + slicing;
    const size_t classes = whole->scan.classes.count, size = classes * classes;
    struct mlg_tally *tallies = MLG_NEW_ARRAY(arena, struct mlg_tally, slices->count);
    if (!tallies)
        return NULL;
    for (size_t k = 0; k < slices->count; k++) {
        tallies[k].classes = classes;
        tallies[k].rows = whole->weighing[slicing][k];
        if (classes == 0)
            continue;
        uint64_t *counts = MLG_NEW_ARRAY(arena, uint64_t, size);
        double *weights = a->weighted ? MLG_NEW_ARRAY(arena, double, 2 * size) : NULL;
        if (!counts || (a->weighted && !weights))
            return NULL;
        for (size_t y = 0; y < classes; y++)
            for (size_t p = 0; p < classes; p++) {
                const size_t from = ((k + 1) * a->labels + y) * a->predictions + p, to = y * classes + p;
                counts[to] = sums->cells[from];
                if (!a->weighted || sums->slots[from] == 0)
                    continue;
                const struct mlg_sum *w = sums->pool + 2 * (size_t)(sums->slots[from] - 1);
                weights[to] = mlg_sum_round(w);
                weights[size + to] = mlg_sum_round(w + 1);
            }
        tallies[k].count = counts;
        tallies[k].weight = weights;
        tallies[k].weight2 = weights ? weights + size : NULL;
    }
    return tallies;
}

static struct mlg_moments *moments_of(const struct mlg_scan_whole *whole, const struct mlg_accumulator *a,
                                      size_t slicing, size_t index, struct mlg_arena *arena)
{
    /* Merging into an empty sum leaves the one form that a value has. */
    const struct mlg_slices *slices = whole->scan.slicings + slicing;
    const struct mlg_slicing_sums *sums = a->slicings + slicing;
    const struct layout l = layout_of(a->plan->moments + index, a->weighted);
    struct mlg_moments *moments = MLG_NEW_ARRAY(arena, struct mlg_moments, slices->count);
    for (size_t k = 0; moments && k < slices->count; k++) {
        const struct mlg_sum *from = sums->moments[index] + (k + 1) * l.size;
        moments[k].n = whole->weighing[slicing][k];
        if (a->weighted) {
            const struct mlg_sum *weights = sums->weights + WEIGHT_SUMS * (k + 1);
            mlg_sum_merge(&moments[k].w, weights);
            mlg_sum_merge(&moments[k].w2, weights + 1);
            moments[k].cubes[0] = mlg_sum_round(weights + 2);
            moments[k].w4 = mlg_sum_round(weights + 3);
        }
        for (size_t t = 0; t < l.count; t++)
            mlg_sum_merge(&moments[k].u[t], from + t);
        for (size_t t = l.products; t < l.squares; t++)
            mlg_sum_merge(&moments[k].uu[t - l.products], from + t);
        for (size_t t = l.squares; t < l.even; t++)
            mlg_sum_merge(&moments[k].w2u[t - l.squares], from + t);
        if (!a->weighted && l.size > l.cubes) {
            moments[k].cubes[0] = (double)moments[k].n;
            moments[k].cubes[1] = mlg_sum_round(from);
            moments[k].cubes[2] = mlg_sum_round(from + l.products);
        }
        for (size_t t = l.cubes; t < l.size; t++)
            moments[k].cubes[t + MLG_POWERS - l.size] = mlg_sum_round(from + t);
        for (size_t t = l.even; t < l.cubes; t++)
            *(t < l.even + l.count ? &moments[k].even_u[t - l.even]
                                   : &moments[k].even_uu[t - l.even - l.count]) = mlg_sum_double2(from + t);
    }
    return moments;
}

size_t mlg_numbers_of(const struct mlg_moments_plan *moments)
{
    if (moments->terms->largest)
        return 2;
    return moments->terms->strata ? (moments->terms->count + 1) * (size_t)moments->parameters[0] : 0;
}

/* Rounded, the same in any order: merging into an empty sum is what makes equal values equal. */
static double *numbers_of(const struct mlg_scan_whole *whole, const struct mlg_accumulator *a, size_t slicing,
                          size_t index, struct mlg_arena *arena)
{
    const struct mlg_slices *slices = whole->scan.slicings + slicing;
    const struct mlg_slicing_sums *sums = a->slicings + slicing;
    const struct mlg_moments_plan *moments = a->plan->moments + index;
    const struct layout l = layout_of(moments, a->weighted);
    const size_t each = mlg_numbers_of(moments), count = moments->terms->count;
    double *numbers = MLG_NEW_ARRAY(arena, double, slices->count *each + 1);
    for (size_t k = 0; numbers && k < slices->count; k++) {
        double *at = numbers + k * each;
        if (moments->terms->largest) {
            at[0] = sums->largest[index][k + 1];
            at[1] = (double)whole->weighing[slicing][k];
            continue;
        }
        const struct mlg_sum *from = sums->moments[index] + (k + 1) * l.size;
        for (size_t stratum = 0; stratum < l.strata; stratum++, from += l.size / l.strata)
            for (size_t t = 0; t < count + a->weighted; t++) {
                struct mlg_sum sum = {0};
                mlg_sum_merge(&sum, from + t);
                at[stratum * (count + 1) + t] = mlg_sum_round(&sum);
            }
    }
    return numbers;
}

int mlg_scan_outcome(struct mlg_scan_whole *whole, const struct mlg_accumulator *merged,
                     struct mlg_arena *arena, struct mlg_error *error)
{
    const struct mlg_plan *plan = merged->plan;
    const size_t slicings = whole->scan.slicing_count;
    whole->tallies = MLG_NEW_ARRAY(arena, struct mlg_tally *, slicings);
    whole->moments = MLG_NEW_ARRAY(arena, struct mlg_moments **, slicings);
    whole->numbers = MLG_NEW_ARRAY(arena, double **, slicings);
    whole->weighing = MLG_NEW_ARRAY(arena, uint64_t *, slicings);
    if (!whole->tallies || !whole->moments || !whole->numbers || !whole->weighing)
        return mlg_scan_no_memory(error, plan->data);
    for (size_t s = 0; s < slicings; s++) {
        whole->moments[s] = MLG_NEW_ARRAY(arena, struct mlg_moments *, plan->moments_count + 1);
        whole->numbers[s] = MLG_NEW_ARRAY(arena, double *, plan->moments_count + 1);
        whole->weighing[s] = MLG_NEW_ARRAY(arena, uint64_t, whole->scan.slicings[s].count + 1);
        if (!whole->moments[s] || !whole->numbers[s] || !whole->weighing[s])
            return mlg_scan_no_memory(error, plan->data);
        for (size_t k = 0; k < whole->scan.slicings[s].count; k++)
            whole->weighing[s][k] = merged->weighted ? merged->slicings[s].weighing[k + 1]
                                                     : whole->scan.slicings[s].items[k].rows;
        if (merged->tallies && !(whole->tallies[s] = tallies_of(whole, merged, s, arena)))
            return mlg_scan_no_memory(error, plan->data);
        for (size_t m = 0; merged->slicings[s].has_moments && m < plan->moments_count; m++) {
            if (mlg_numbers_of(plan->moments + m))
                whole->numbers[s][m] = numbers_of(whole, merged, s, m, arena);
            else
                whole->moments[s][m] = moments_of(whole, merged, s, m, arena);
            if (!whole->numbers[s][m] && !whole->moments[s][m])
                return mlg_scan_no_memory(error, plan->data);
        }
    }
    return 0;
}
