/* Sorted scores of one slice.
 *
 * Scores are turned into integers of the same order, the rows of the positive class and the others are
 * sorted apart, and both are walked together: no index, no payload. The sort is a radix sort from the
 * highest differing digit down, where the keys stand until few enough are left to move them to and fro;
 * every pass uses up at least one digit of the common range, so that scores made to be slow (all alike but a
 * few, nested ranges) cost six passes instead of three, never more. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/metric.h"

/* ---- keys --------------------------------------------------------------------------------------- */

static uint64_t key_of(double score)
{
    const uint64_t sign = (uint64_t)1 << 63;
    uint64_t bits;
    score += 0.0; /* -0 becomes 0 */
    memcpy(&bits, &score, sizeof bits);
    return bits & sign ? ~bits : bits | sign;
}

static double score_of(uint64_t key)
{
    const uint64_t sign = (uint64_t)1 << 63;
    double score;
    key = key & sign ? key & ~sign : ~key;
    memcpy(&score, &key, sizeof score);
    return score;
}

/* ---- sort --------------------------------------------------------------------------------------- */

enum { FEW = 20, DIGIT_BITS = 11, SPARE_KEYS = 1 << 16 };

static void sort_few(uint64_t *keys, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint64_t key = keys[i];
        size_t at = i;
        for (; at > 0 && keys[at - 1] > key; at--)
            keys[at] = keys[at - 1];
        keys[at] = key;
    }
}

/* About four keys a bucket, so that the last pass leaves little to do. */
static unsigned digit_bits(size_t count)
{
    unsigned bits = (unsigned)(63 - __builtin_clzll((unsigned long long)count)) - 2;
    return bits < DIGIT_BITS ? bits : DIGIT_BITS;
}

/* Sorts `count` keys at `from`; the outcome lies at `to` if `moved`, else at `from`; both are used. */
static void sort_keys(uint64_t *from, uint64_t *to, size_t count, bool moved)
{
    uint64_t differs = 0;
    if (count > FEW)
        for (size_t i = 1; i < count; i++)
            differs |= from[i] ^ from[0];
    else
        sort_few(from, count);
    if (differs == 0) { /* sorted: few, or all alike */
        if (moved)
            memcpy(to, from, count * sizeof *from);
        return;
    }
    size_t end[1 << DIGIT_BITS];
    const unsigned high = (unsigned)(64 - __builtin_clzll(differs)), want = digit_bits(count);
    const unsigned bits = want < high ? want : high, shift = high - bits;
    const size_t buckets = (size_t)1 << bits;
    memset(end, 0, buckets * sizeof *end);
    for (size_t i = 0; i < count; i++)
        end[from[i] >> shift & (buckets - 1)]++;
    for (size_t b = 0, at = 0; b < buckets; b++) {
        const size_t size = end[b];
        end[b] = at;
        at += size;
    }
    for (size_t i = 0; i < count; i++)
        to[end[from[i] >> shift & (buckets - 1)]++] = from[i];
    for (size_t b = 0, at = 0; b < buckets; at = end[b], b++)
        if (end[b] > at)
            sort_keys(to + at, from + at, end[b] - at, !moved);
}

/* Moves every key into the bucket of its digit, where the keys are; `end[b]` comes out as the end of bucket
 * b. */
static void part_keys(uint64_t *keys, size_t count, unsigned shift, size_t buckets, size_t *end)
{
    size_t next[1 << DIGIT_BITS];
    memset(end, 0, buckets * sizeof *end);
    for (size_t i = 0; i < count; i++)
        end[keys[i] >> shift & (buckets - 1)]++;
    for (size_t b = 0, at = 0; b < buckets; b++) {
        next[b] = at;
        end[b] = at += end[b];
    }
    /* Every step brings one key home, and does not wait for the one before it. */
    for (bool moved = true; moved;) {
        moved = false;
        for (size_t b = 0; b < buckets; b++) {
            moved |= next[b] < end[b];
            for (size_t i = next[b]; i < end[b]; i++) {
                const uint64_t key = keys[i];
                const size_t home = next[key >> shift & (buckets - 1)]++;
                keys[i] = keys[home];
                keys[home] = key;
            }
        }
    }
}

/* Sorts in place what `spare`, of SPARE_KEYS keys, is too small for: its buckets soon are not. */
static void sort_many(uint64_t *keys, size_t count, uint64_t *spare)
{
    if (count <= SPARE_KEYS) {
        sort_keys(keys, spare, count, false);
        return;
    }
    uint64_t differs = 0;
    for (size_t i = 1; i < count; i++)
        differs |= keys[i] ^ keys[0];
    if (differs == 0)
        return;
    size_t end[1 << DIGIT_BITS];
    const unsigned high = (unsigned)(64 - __builtin_clzll(differs));
    const unsigned bits = DIGIT_BITS < high ? DIGIT_BITS : high;
    part_keys(keys, count, high - bits, (size_t)1 << bits, end);
    for (size_t b = 0, at = 0; b < (size_t)1 << bits; at = end[b], b++)
        sort_many(keys + at, end[b] - at, spare);
}

struct mlg_ranked_item {
    uint64_t key;
    double weight;
};

/* From the lowest digit up; digits that all keys share are skipped. Returns where the outcome lies. */
static struct mlg_ranked_item *sort_items(struct mlg_ranked_item *from, struct mlg_ranked_item *to,
                                          size_t count)
{
    uint64_t differs = 0;
    for (size_t i = 1; i < count; i++)
        differs |= from[i].key ^ from[0].key;
    for (unsigned shift = 0; shift < 64; shift += DIGIT_BITS) {
        size_t start[1 << DIGIT_BITS] = {0};
        const size_t mask = ((size_t)1 << DIGIT_BITS) - 1;
        if ((differs >> shift & mask) == 0)
            continue;
        for (size_t i = 0; i < count; i++)
            start[from[i].key >> shift & mask]++;
        for (size_t b = 0, at = 0; b <= mask; b++) {
            const size_t size = start[b];
            start[b] = at;
            at += size;
        }
        for (size_t i = 0; i < count; i++)
            to[start[from[i].key >> shift & mask]++] = from[i];
        struct mlg_ranked_item *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

/* ---- rows of the slice -------------------------------------------------------------------------- */

struct mlg_ranked {
    struct mlg_ranked *next;
    const struct mlg_scan *scan;
    size_t slicing, slice, score;
    uint32_t positive_class;
    int64_t other;
    struct mlg_ranked_view view;
};

struct chosen {
    const double *score;
    const uint16_t *label;
    const uint32_t *index;
    const double *weight;
    uint32_t positive;
    int64_t other;
    size_t count;
};

/* Positives from the front, negatives from the back; the smaller gap between them is nobody's. */
static void take_keys(const struct chosen *chosen, uint64_t *keys, size_t *positives, size_t *negatives)
{
    size_t front = 0, back = chosen->count;
    for (size_t i = 0; i < chosen->count; i++) {
        const size_t row = chosen->index ? chosen->index[i] : i;
        const uint64_t key = key_of(chosen->score[row]);
        const bool positive = chosen->label[row] == chosen->positive;
        const bool negative =
            !positive && (chosen->other < 0 || chosen->label[row] == (uint32_t)chosen->other);
        /* Without a branch: which class comes next cannot be foretold. */
        keys[positive ? front : back - 1] = key;
        front += positive;
        back -= negative;
    }
    *positives = front;
    *negatives = chosen->count - back;
}

static void take_items(const struct chosen *chosen, struct mlg_ranked_item *items, size_t *positives,
                       size_t *negatives)
{
    size_t front = 0, back = chosen->count;
    for (size_t i = 0; i < chosen->count; i++) {
        const size_t row = chosen->index ? chosen->index[i] : i;
        const struct mlg_ranked_item item = {key_of(chosen->score[row]), chosen->weight[row]};
        if (!(item.weight > 0))
            continue;
        if (chosen->label[row] == chosen->positive)
            items[front++] = item;
        else if (chosen->other < 0 || chosen->label[row] == (uint32_t)chosen->other)
            items[--back] = item;
    }
    *positives = front;
    *negatives = chosen->count - back;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static bool rank_unweighted(struct mlg_arena *arena, const struct chosen *chosen,
                            struct mlg_ranked_view *view)
{
    uint64_t *keys = MLG_NEW_ARRAY(arena, uint64_t, chosen->count + 1);
    size_t positives, negatives;
    if (!keys)
        return false;
    take_keys(chosen, keys, &positives, &negatives);
    const size_t most = larger(positives, negatives);
    uint64_t *spare = malloc(((most < SPARE_KEYS ? most : SPARE_KEYS) + 1) * sizeof *spare);
    if (!spare)
        return false;
    uint64_t *behind = keys + (chosen->count - negatives);
    sort_many(keys, positives, spare);
    sort_many(behind, negatives, spare);
    free(spare);
    view->positive_keys = keys;
    view->negative_keys = behind;
    view->positive_rows = positives;
    view->negative_rows = negatives;
    view->positives = (double)positives;
    view->negatives = (double)negatives;
    return true;
}

static bool rank_weighted(struct mlg_arena *arena, const struct chosen *chosen, struct mlg_ranked_view *view)
{
    struct mlg_ranked_item *items = MLG_NEW_ARRAY(arena, struct mlg_ranked_item, chosen->count + 1);
    size_t positives, negatives;
    if (!items)
        return false;
    take_items(chosen, items, &positives, &negatives);
    struct mlg_ranked_item *spare = malloc((larger(positives, negatives) + 1) * sizeof *spare);
    if (!spare)
        return false;
    struct mlg_ranked_item *behind = items + (chosen->count - negatives);
    if (sort_items(items, spare, positives) == spare)
        memcpy(items, spare, positives * sizeof *items);
    if (sort_items(behind, spare, negatives) == spare)
        memcpy(behind, spare, negatives * sizeof *items);
    free(spare);
    view->positive_items = items;
    view->negative_items = behind;
    view->positive_rows = positives;
    view->negative_rows = negatives;
    view->weighted = true;
    struct mlg_sum positive = {0}, negative = {0};
    for (size_t i = 0; i < positives; i++)
        mlg_sum_add(&positive, items[i].weight);
    for (size_t i = 0; i < negatives; i++)
        mlg_sum_add(&negative, behind[i].weight);
    view->positives = mlg_sum_round(&positive);
    view->negatives = mlg_sum_round(&negative);
    return true;
}

const struct mlg_ranked_view *mlg_ranked(struct mlg_view *view, size_t score, uint32_t positive_class,
                                         int64_t other)
{
    const struct mlg_rows *kept = &view->scan->kept;
    for (struct mlg_ranked *known = view->ranked; known; known = known->next)
        if (known->scan == view->scan && known->slicing == view->slicing && known->slice == view->slice &&
            known->score == score && known->positive_class == positive_class && known->other == other)
            return &known->view;
    struct mlg_ranked *ranked = MLG_NEW(view->scratch, struct mlg_ranked);
    if (!ranked)
        return NULL;
    *ranked = (struct mlg_ranked){.next = view->ranked,
                                  .scan = view->scan,
                                  .slicing = view->slicing,
                                  .slice = view->slice,
                                  .score = score,
                                  .positive_class = positive_class,
                                  .other = other};
    struct chosen chosen = {.score = kept->ranks[score],
                            .label = kept->label,
                            .weight = kept->weight,
                            .positive = positive_class,
                            .other = other};
    chosen.index = mlg_scan_rows(view->scan, view->slicing, view->slice, &chosen.count);
    if (!(chosen.weight ? rank_weighted : rank_unweighted)(view->scratch, &chosen, &ranked->view))
        return NULL;
    view->ranked = ranked;
    return &ranked->view;
}

/* ---- walk --------------------------------------------------------------------------------------- */

struct mlg_ranked_walk mlg_ranked_begin(const struct mlg_ranked_view *view)
{
    return (struct mlg_ranked_walk){view, (size_t)view->positive_rows, (size_t)view->negative_rows};
}

static size_t take_equal(const uint64_t *keys, size_t left, uint64_t key)
{
    while (left > 0 && keys[left - 1] == key)
        left--;
    return left;
}

/* Sums of the weights with this key, the same in any order of rows: a few are brought into order first, more
 * are summed exactly. */
static size_t weigh_equal(const struct mlg_ranked_item *items, size_t left, uint64_t key, double *sum,
                          double *square)
{
    size_t first = left;
    while (first > 0 && items[first - 1].key == key)
        first--;
    *sum = *square = 0;
    if (left - first > FEW) {
        struct mlg_sum exact = {0}, exact_square = {0};
        for (size_t i = first; i < left; i++) {
            mlg_sum_add(&exact, items[i].weight);
            mlg_sum_add_product(&exact_square, items[i].weight, items[i].weight);
        }
        *sum = mlg_sum_round(&exact);
        *square = mlg_sum_round(&exact_square);
        return first;
    }
    double weight[FEW] = {0};
    for (size_t i = first; i < left; i++) {
        size_t at = i - first;
        for (; at > 0 && weight[at - 1] > items[i].weight; at--)
            weight[at] = weight[at - 1];
        weight[at] = items[i].weight;
    }
    for (size_t i = 0; i < left - first; i++) {
        *sum += weight[i];
        *square += weight[i] * weight[i];
    }
    return first;
}

static bool next_weighted(struct mlg_ranked_walk *walk, struct mlg_ranked_block *block)
{
    const struct mlg_ranked_item *positive = walk->view->positive_items,
                                 *negative = walk->view->negative_items;
    uint64_t key = 0;
    if (walk->positive > 0)
        key = positive[walk->positive - 1].key;
    if (walk->negative > 0 && negative[walk->negative - 1].key > key)
        key = negative[walk->negative - 1].key;
    block->score = score_of(key);
    walk->positive = weigh_equal(positive, walk->positive, key, &block->positive, &block->positive_square);
    walk->negative = weigh_equal(negative, walk->negative, key, &block->negative, &block->negative_square);
    return true;
}

bool mlg_ranked_next(struct mlg_ranked_walk *walk, struct mlg_ranked_block *block)
{
    if (walk->positive == 0 && walk->negative == 0)
        return false;
    if (walk->view->weighted)
        return next_weighted(walk, block);
    const uint64_t *positive = walk->view->positive_keys, *negative = walk->view->negative_keys;
    uint64_t key = 0; /* no finite score has it */
    if (walk->positive > 0)
        key = positive[walk->positive - 1];
    if (walk->negative > 0 && negative[walk->negative - 1] > key)
        key = negative[walk->negative - 1];
    const size_t positives = take_equal(positive, walk->positive, key);
    const size_t negatives = take_equal(negative, walk->negative, key);
    block->score = score_of(key);
    block->positive = block->positive_square = (double)(walk->positive - positives);
    block->negative = block->negative_square = (double)(walk->negative - negatives);
    walk->positive = positives;
    walk->negative = negatives;
    return true;
}
