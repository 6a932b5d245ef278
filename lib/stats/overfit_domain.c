/* overfit_domain: do the columns tell train from held-out rows, and does the place of a row tell its label?
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hashed.h"
#include "mlgate/distribution.h"
#include "mlgate/number.h"
#include "overfit_private.h"
#include "watch.h"

static int no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory to compare train with held-out rows");
}

/* ---- an area under the curve ------------------------------------------------------------------------- */

/* A number and the cluster of the row that has it. */
struct scored {
    double value;
    uint32_t cluster;
};

static int by_size(const void *a, const void *b)
{
    const double *one = a, *other = b;
    return (*one > *other) - (*one < *other);
}

static int by_score(const void *a, const void *b)
{
    const struct scored *one = a, *other = b;
    return (one->value > other->value) - (one->value < other->value);
}

/* How often a number of `high` exceeds one of `low`, ties half, and DeLong's variance of it. Sorts both. */
struct separation {
    double area, variance;
    size_t high, low; /* rows, or clusters that have any */
};

/* Sum and sum of squares of the shares of `low` that each of `high` exceeds; `by_cluster` (may be NULL): to
 * each cluster `sign` times what its rows add to the area. */
static void placements(const struct scored *high, size_t high_count, const struct scored *low,
                       size_t low_count, double sign, struct mlg_sum *by_cluster, double *mean,
                       double *squares)
{
    size_t below = 0, not_above = 0;
    struct mlg_sum sum = {0}, deviations = {0};
    for (int pass = 0; pass < 2; pass++) {
        below = not_above = 0;
        for (size_t i = 0; i < high_count; i++) {
            while (below < low_count && low[below].value < high[i].value)
                below++;
            while (not_above < low_count && low[not_above].value <= high[i].value)
                not_above++;
            const double share = ((double)below + (double)not_above) / 2 / (double)low_count;
            if (pass == 0) {
                mlg_sum_add(&sum, share);
                continue;
            }
            mlg_sum_add_product(&deviations, share - *mean, share - *mean);
            if (by_cluster)
                mlg_sum_add(&by_cluster[high[i].cluster], sign * (share - *mean) / (double)high_count);
        }
        if (pass == 0)
            *mean = mlg_sum_round(&sum) / (double)high_count;
    }
    *squares = mlg_sum_round(&deviations);
}

enum { NO_CLUSTER = 0, HAS_HIGH = 1, HAS_LOW = 2 };

/* The sandwich: what rows of one cluster add is added up before it is squared. False: no memory. */
static bool by_clusters(struct separation *s, const struct scored *high, size_t high_count,
                        const struct scored *low, size_t low_count, struct mlg_sum *sums, size_t clusters)
{
    struct mlg_sum squares = {0};
    size_t met = 0;
    uint8_t *has = calloc(clusters + 1, sizeof *has);
    if (!has)
        return false;
    for (size_t i = 0; i < high_count; i++)
        has[high[i].cluster] |= HAS_HIGH;
    for (size_t i = 0; i < low_count; i++)
        has[low[i].cluster] |= HAS_LOW;
    s->high = s->low = 0;
    for (size_t c = 0; c < clusters; c++) {
        const double adds = mlg_sum_round(&sums[c]);
        met += has[c] != NO_CLUSTER;
        s->high += (has[c] & HAS_HIGH) != 0;
        s->low += (has[c] & HAS_LOW) != 0;
        mlg_sum_add_product(&squares, adds, adds);
    }
    free(has);
    s->variance = met > 1 ? mlg_sum_round(&squares) * (double)met / (double)(met - 1) : 0;
    return true;
}

/* With `clusters` (0: there are none) rows of one are no rows of their own. False: no memory. */
static bool separate(struct scored *high, size_t high_count, struct scored *low, size_t low_count,
                     size_t clusters, struct separation *separation)
{
    struct separation s = {.high = high_count, .low = low_count};
    struct mlg_sum *sums = clusters ? calloc(clusters, sizeof *sums) : NULL;
    double high_squares, low_squares, opposite;
    if (clusters && !sums)
        return false;
    qsort(high, high_count, sizeof *high, by_score);
    qsort(low, low_count, sizeof *low, by_score);
    placements(high, high_count, low, low_count, 1, sums, &s.area, &high_squares);
    placements(low, low_count, high, high_count, -1, sums, &opposite, &low_squares);
    const double m = (double)high_count, n = (double)low_count;
    if (high_count > 1 && low_count > 1)
        s.variance = high_squares / (m - 1) / m + low_squares / (n - 1) / n;
    const bool memory = !clusters || by_clusters(&s, high, high_count, low, low_count, sums, clusters);
    free(sums);
    *separation = s;
    return memory;
}

/* Evidence of an area: as roc_auc's. */
static void area_evidence(const struct separation *s, struct mlg_evidence *evidence)
{
    const size_t smaller = s->high < s->low ? s->high : s->low;
    evidence->value = s->area;
    evidence->smaller_class = (double)smaller;
    if (smaller < 2)
        return;
    evidence->kind = MLG_AUC;
    evidence->method = MLG_METHOD_DELONG;
    evidence->standard_error = sqrt(s->variance);
}

/* Of few clusters the variance is hardly known: the quantile of Student's t stands in it. */
static void clusters_evidence(const struct separation *s, struct mlg_evidence *evidence)
{
    const size_t smaller = s->high < s->low ? s->high : s->low;
    if (evidence->kind != MLG_AUC || smaller < 2)
        return;
    evidence->degrees = (double)smaller - 1;
    if (s->variance > 0) {
        evidence->kind = MLG_NORMAL;
        evidence->method = MLG_METHOD_CLUSTER;
    }
}

/* ---- domain_auc: rows of both sources ------------------------------------------------------------------ */

enum {
    MOST_ALONE = MLG_OVERFIT_OFFENDERS,
    FOLDS = 2,
    HALVINGS = 5,
    FEW_ROWS = 20000, /* of more one halving says what five do */
    FEW_DIFFERENT = 200,
    MOST_ROWS = 100000
};

struct domain_state {
    struct mlg_watch *held_out_watch, *train_watch;
    struct mlg_watch *held_out_clusters, *train_clusters; /* NULL: the source has none */
    /* Train rows, then held-out rows; the columns in the order of their names, behind one of numbers how far
     * from the middle they are. */
    struct mlg_features both;
    size_t *starts; /* of the features of each column, and the end */
    size_t column_count, train_rows;
    uint16_t *is_held_out;
    uint32_t *cluster; /* of each row, where either source has clusters */
    size_t cluster_count;
    uint8_t *halves; /* bit h: which half of halving h the row is in */
    unsigned halvings;
    bool is_weighted;
    const char *note; /* how many rows were drawn; NULL: all */
    struct mlg_watch_remarks remarks;
};

/* The clusters of a source, where it has any. */
static int watch_clusters(struct mlg_plan *plan, const struct mlg_data *data, struct mlg_arena *arena,
                          struct mlg_watch **watch, struct mlg_error *error)
{
    if (!data->cluster)
        return MLG_OK;
    const char **column = MLG_NEW_ARRAY(arena, const char *, 1);
    if (!column)
        return no_memory(error);
    *column = data->cluster;
    const struct mlg_texts columns = {.items = column, .count = 1};
    return mlg_watch_columns(plan, data, &columns, arena, watch, error);
}

static int domain_plan(struct mlg_call *call, struct mlg_overfit_planning *planning, void **state,
                       struct mlg_error *error)
{
    struct domain_state *domain = MLG_NEW(planning->arena, struct domain_state);
    const char *const *names;
    struct mlg_texts columns;
    if (!domain)
        return no_memory(error);
    *state = domain;
    if (!planning->train || mlg_plan_columns(planning->held_out, &names) == 0)
        return MLG_OK;
    int code = mlg_overfit_columns(call, planning, &columns, error);
    if (code == MLG_OK)
        code = mlg_watch_columns(planning->held_out, planning->held_out_data, &columns, planning->arena,
                                 &domain->held_out_watch, error);
    if (code == MLG_OK)
        code = mlg_watch_columns(planning->train, planning->train_data, &columns, planning->arena,
                                 &domain->train_watch, error);
    if (code == MLG_OK)
        code = watch_clusters(planning->held_out, planning->held_out_data, planning->arena,
                              &domain->held_out_clusters, error);
    if (code == MLG_OK)
        code = watch_clusters(planning->train, planning->train_data, planning->arena, &domain->train_clusters,
                              error);
    domain->is_weighted = planning->held_out_data->weight || planning->train_data->weight;
    return code;
}

/* Rows by what they hold, or by their cluster: neither their place nor their source decides. Equal rows stay
 * together, so that no model is judged on what it has seen; where rows are so few different ones that halves
 * of those would be no halves of the rows, each draws for itself, as what a row is tells nothing that the
 * columns do not. */
static bool spread_equal(struct mlg_hashed *rows, size_t count)
{
    struct mlg_sum squares = {0};
    if (!mlg_hashed_sort(rows, count))
        return false;
    for (size_t first = 0, last; first < count; first = last) {
        for (last = first + 1; last < count && rows[last].hash == rows[first].hash;)
            last++;
        const double share = (double)(last - first) / (double)count;
        mlg_sum_add_product(&squares, share, share);
    }
    if (!(mlg_sum_round(&squares) * FEW_DIFFERENT > 1))
        return true;
    for (size_t first = 0, last; first < count; first = last) {
        const uint64_t hash = rows[first].hash;
        for (last = first; last < count && rows[last].hash == hash; last++)
            ;
        for (size_t i = first; i < last; i++)
            rows[i].hash = mlg_hashed_mix(hash, i - first + 1);
    }
    return true;
}

static bool draw_halves(struct domain_state *domain)
{
    const struct mlg_features *both = &domain->both;
    struct mlg_features cells = *both;
    struct mlg_hashed *rows = calloc(both->rows + 1, sizeof *rows);
    struct mlg_feature *own = calloc(domain->column_count + 1, sizeof *own);
    bool memory = rows && own;
    domain->halvings = both->rows > FEW_ROWS ? 1 : HALVINGS;
    for (size_t c = 0; memory && c < domain->column_count; c++)
        own[c] = both->items[domain->starts[c]];
    cells.items = own;
    cells.count = domain->column_count;
    if (memory && domain->cluster)
        for (size_t i = 0; i < both->rows; i++)
            rows[i] = (struct mlg_hashed){mlg_hashed_mix(1, domain->cluster[i]), i};
    else
        memory = memory && mlg_hashed_cells(&cells, 0, rows) && spread_equal(rows, both->rows);
    for (size_t i = 0; memory && i < both->rows; i++)
        for (unsigned h = 0; h < domain->halvings; h++)
            domain->halves[rows[i].row] |=
                (uint8_t)(mlg_hashed_mix(rows[i].hash, UINT64_C(0x5851f42d4c957f2d) + h) >> 63 << h);
    free(rows);
    free(own);
    return memory;
}

/* The rows of a source that are compared: all, or MOST_ROWS of them, which tell 0.50 from 0.51; the sources
 * draw apart from each other. NULL: no memory. */
static struct mlg_hashed *draw_rows(const struct mlg_features *source, uint64_t salt, size_t *count)
{
    struct mlg_hashed *rows = calloc(source->rows + 1, sizeof *rows);
    *count = source->rows < MOST_ROWS ? source->rows : MOST_ROWS;
    if (!rows)
        return NULL;
    if (source->rows <= MOST_ROWS) {
        for (size_t i = 0; i < source->rows; i++)
            rows[i].row = i;
        return rows;
    }
    if (mlg_hashed_cells(source, MLG_HASHED_MISSING, rows) &&
        mlg_hashed_draw(rows, source->rows, MOST_ROWS, salt))
        return rows;
    free(rows);
    return NULL;
}

/* The drawn rows of `from` from row `first` of `to` on. */
static void take_cells(const struct mlg_feature *from, const struct mlg_hashed *drawn, size_t count,
                       double *numbers, uint32_t *codes)
{
    for (size_t i = 0; i < count; i++)
        if (from->is_numeric && numbers)
            numbers[i] = from->numbers[drawn[i].row];
        else if (codes)
            codes[i] = from->codes[drawn[i].row];
}

static const char *drawn_text(size_t drawn, size_t rows, struct mlg_arena *arena)
{
    return drawn < rows ? mlg_arena_format(arena, "%s of %s", mlg_count_text(drawn, arena),
                                           mlg_count_text(rows, arena))
                        : mlg_arena_format(arena, "all %s", mlg_count_text(rows, arena));
}

/* The clusters of the drawn rows, counted from 0; of a source without clusters every row is its own. */
static bool number_clusters(struct domain_state *domain, const struct mlg_features clusters[2],
                            const struct mlg_hashed *train, const struct mlg_hashed *held_out,
                            struct mlg_arena *arena)
{
    const size_t rows = domain->both.rows, all = clusters[0].rows + clusters[1].rows;
    if (clusters[0].count + clusters[1].count == 0)
        return true;
    struct mlg_hashed *hashed = calloc(all + 1, sizeof *hashed), *drawn = calloc(rows + 1, sizeof *drawn);
    domain->cluster = MLG_NEW_ARRAY(arena, uint32_t, rows + 1);
    bool memory = hashed && drawn && domain->cluster;
    for (unsigned s = 0; memory && s < 2; s++)
        if (clusters[s].count)
            memory = mlg_hashed_cells(&clusters[s], 0, hashed + (s ? clusters[0].rows : 0));
    for (size_t i = 0; memory && i < rows; i++) {
        const unsigned s = i >= domain->train_rows;
        const size_t row = s ? held_out[i - domain->train_rows].row : train[i].row;
        drawn[i].row = i;
        drawn[i].hash = clusters[s].count ? hashed[(s ? clusters[0].rows : 0) + row].hash
                                          : mlg_hashed_mix(UINT64_C(0x2545f4914f6cdd1d), i + 1);
    }
    memory = memory && mlg_hashed_sort(drawn, rows);
    for (size_t i = 0; memory && i < rows; i++) {
        domain->cluster_count += i == 0 || drawn[i].hash != drawn[i - 1].hash;
        domain->cluster[drawn[i].row] = (uint32_t)domain->cluster_count - 1;
    }
    free(hashed);
    free(drawn);
    return memory;
}

/* How far from the middle of all values each is, from 0 to 1/2: what is spread wider on one side than on the
 * other lies farther out there. Of two values or one there is no more to say. False: no memory. */
static bool fold_numbers(const double *numbers, size_t rows, struct mlg_arena *arena, const double **folded)
{
    double *out = MLG_NEW_ARRAY(arena, double, rows + 1), *sorted = calloc(rows + 1, sizeof *sorted);
    size_t count = 0, different = 0;
    *folded = NULL;
    if (!out || !sorted) {
        free(sorted);
        return false;
    }
    for (size_t i = 0; i < rows; i++)
        if (!isnan(numbers[i]))
            sorted[count++] = numbers[i];
    qsort(sorted, count, sizeof *sorted, by_size);
    for (size_t i = 0; i < count; i++)
        different += i == 0 || sorted[i] > sorted[i - 1];
    for (size_t i = 0; different > 2 && i < rows; i++) {
        size_t below = 0, low = 0, high = count;
        while (low < high) {
            const size_t middle = low + (high - low) / 2;
            if (sorted[middle] < numbers[i])
                low = middle + 1;
            else
                high = middle;
        }
        below = low;
        for (high = count; low < high;) {
            const size_t middle = low + (high - low) / 2;
            if (sorted[middle] <= numbers[i])
                low = middle + 1;
            else
                high = middle;
        }
        const double share = ((double)below + (double)low) / 2 / (double)count;
        out[i] = isnan(numbers[i]) ? 0.25 : fabs(share - 0.5);
    }
    free(sorted);
    if (different > 2)
        *folded = out;
    return true;
}

/* The drawn rows of train, behind them those of the held-out source. */
static bool join_sources(struct domain_state *domain, const struct mlg_features *train,
                         const struct mlg_features *held_out, const struct mlg_features clusters[2],
                         struct mlg_arena *arena)
{
    size_t others;
    struct mlg_hashed *first = draw_rows(train, 1, &domain->train_rows);
    struct mlg_hashed *second = draw_rows(held_out, 2, &others);
    const size_t rows = domain->train_rows + others;
    struct mlg_feature *items = MLG_NEW_ARRAY(arena, struct mlg_feature, 2 * train->count + 1);
    size_t count = 0;
    domain->is_held_out = MLG_NEW_ARRAY(arena, uint16_t, rows + 1);
    domain->halves = MLG_NEW_ARRAY(arena, uint8_t, rows + 1);
    domain->starts = MLG_NEW_ARRAY(arena, size_t, train->count + 1);
    domain->column_count = train->count;
    bool memory = first && second && items && domain->is_held_out && domain->halves && domain->starts;
    for (size_t f = 0; memory && f < train->count; f++) {
        double *numbers = train->items[f].is_numeric ? MLG_NEW_ARRAY(arena, double, rows + 1) : NULL;
        uint32_t *codes = train->items[f].is_numeric ? NULL : MLG_NEW_ARRAY(arena, uint32_t, rows + 1);
        struct mlg_feature *item = &items[count];
        domain->starts[f] = count++;
        *item = train->items[f];
        item->numbers = numbers;
        item->codes = codes;
        memory = numbers || codes;
        if (!memory)
            break;
        take_cells(&train->items[f], first, domain->train_rows, numbers, codes);
        take_cells(&held_out->items[f], second, others, numbers ? numbers + domain->train_rows : NULL,
                   codes ? codes + domain->train_rows : NULL);
        if (!numbers)
            continue;
        items[count] = *item;
        memory = fold_numbers(numbers, rows, arena, &items[count].numbers);
        count += memory && items[count].numbers;
    }
    if (memory)
        domain->starts[train->count] = count;
    for (size_t i = domain->train_rows; memory && i < rows; i++)
        domain->is_held_out[i] = 1;
    domain->both = (struct mlg_features){rows, count, items};
    if (memory && (domain->train_rows < train->rows || others < held_out->rows)) {
        domain->note = mlg_arena_format(
            arena, "measured on %s train rows and %s held-out rows, drawn by what they hold",
            drawn_text(domain->train_rows, train->rows, arena), drawn_text(others, held_out->rows, arena));
        memory = domain->note != NULL;
    }
    memory = memory && number_clusters(domain, clusters, first, second, arena);
    free(first);
    free(second);
    return memory;
}

static int by_column(const void *a, const void *b)
{
    const struct mlg_feature *one = a, *other = b;
    return strcmp(one->name, other->name);
}

/* The order of the columns in the file is nothing that a result may depend on. */
static bool sort_columns(struct mlg_features *features, struct mlg_arena *arena)
{
    struct mlg_feature *items = MLG_NEW_ARRAY(arena, struct mlg_feature, features->count + 1);
    if (!items)
        return false;
    if (features->count)
        memcpy(items, features->items, features->count * sizeof *items);
    qsort(items, features->count, sizeof *items, by_column);
    features->items = items;
    return true;
}

static int domain_prepare(const struct mlg_call *call, void *state, struct mlg_overfit_preparing *preparing,
                          struct mlg_error *error)
{
    struct domain_state *domain = state;
    struct mlg_arena *arena = preparing->arena;
    struct mlg_features held_out, train;
    (void)call;
    if (!domain->held_out_watch || !domain->train_watch)
        return mlg_error_set(error, MLG_INTERNAL, "a comparison of sources without columns or train rows");
    int code =
        mlg_watch_features(domain->held_out_watch, domain->train_watch, arena, &held_out, &train, error);
    struct mlg_features clusters[2] = {{0}}, none;
    if (code == MLG_OK && domain->train_clusters && domain->held_out_clusters)
        code = mlg_watch_features(domain->held_out_clusters, domain->train_clusters, arena, &clusters[1],
                                  &clusters[0], error);
    else if (code == MLG_OK && domain->train_clusters)
        code = mlg_watch_features(domain->train_clusters, NULL, arena, &clusters[0], &none, error);
    else if (code == MLG_OK && domain->held_out_clusters)
        code = mlg_watch_features(domain->held_out_clusters, NULL, arena, &clusters[1], &none, error);
    if (code != MLG_OK)
        return code;
    mlg_watch_remark(&held_out, &train, arena, &domain->remarks);
    return sort_columns(&train, arena) && sort_columns(&held_out, arena) &&
                   join_sources(domain, &train, &held_out, clusters, arena) && draw_halves(domain)
               ? MLG_OK
               : no_memory(error);
}

/* The area of each fold's rows under a model of the other fold's, by their pairs. The two are no independent
 * samples: where nothing tells the sources apart, chance tells them apart the same way in both (what a model
 * of one fold learns of the other is the product of the same two differences). So their errors add up as if
 * they always agreed, which is never too little; added as if they were independent, they would prove a
 * difference in 11 of 100 random splits at 95 %. */
static int cross_fit(const struct domain_state *domain, const struct mlg_features *features, unsigned halving,
                     const struct mlg_dense *dense, struct separation *whole, const char **undefined,
                     struct mlg_error *error)
{
    const size_t rows = features->rows;
    struct mlg_arena arena;
    mlg_arena_init(&arena, 0);
    double *weights = MLG_NEW_ARRAY(&arena, double, rows + 1);
    double *told[2] = {MLG_NEW_ARRAY(&arena, double, rows + 1), MLG_NEW_ARRAY(&arena, double, rows + 1)};
    struct scored *high = MLG_NEW_ARRAY(&arena, struct scored, rows + 1);
    struct scored *low = MLG_NEW_ARRAY(&arena, struct scored, rows + 1);
    const struct mlg_simple_target target = {
        .classes = domain->is_held_out, .class_count = 2, .weights = weights};
    double pairs = 0, area = 0, errors = 0;
    int code = weights && told[0] && told[1] && high && low ? MLG_OK : no_memory(error);
    *whole = (struct separation){0};
    for (unsigned fold = 0; code == MLG_OK && fold < FOLDS; fold++) {
        struct mlg_simple model;
        struct separation part;
        size_t highs = 0, lows = 0;
        for (size_t i = 0; i < rows; i++)
            weights[i] = (domain->halves[i] >> halving & 1) == fold ? 0 : 1;
        code = mlg_simple_fit(features, &target, dense, &arena, &model, error);
        if (code != MLG_OK)
            break;
        if (model.undefined) { /* the other half may do */
            *undefined = model.undefined;
            continue;
        }
        if (!mlg_simple_predict(&model, features, told))
            code = no_memory(error);
        for (size_t i = 0; code == MLG_OK && i < rows; i++) {
            if ((domain->halves[i] >> halving & 1) != fold)
                continue;
            const struct scored scored = {told[1][i], domain->cluster ? domain->cluster[i] : 0};
            if (domain->is_held_out[i])
                high[highs++] = scored;
            else
                low[lows++] = scored;
        }
        if (code != MLG_OK || highs == 0 || lows == 0)
            continue;
        if (!separate(high, highs, low, lows, domain->cluster_count, &part)) {
            code = no_memory(error);
            break;
        }
        const double weight = (double)highs * (double)lows;
        pairs += weight;
        area += weight * part.area;
        errors += weight * sqrt(part.variance);
        whole->high += part.high;
        whole->low += part.low;
    }
    if (pairs > 0) {
        whole->area = area / pairs;
        whole->variance = errors / pairs * (errors / pairs);
    }
    mlg_arena_free(&arena);
    return code;
}

/* The mean of several halvings, which is steadier than one; its error is the mean of theirs, as if they
 * always agreed. */
static int cross_fits(const struct domain_state *domain, const struct mlg_features *features,
                      const struct mlg_dense *dense, struct separation *whole, const char **undefined,
                      struct mlg_error *error)
{
    double count = 0, areas = 0, errors = 0;
    int code = MLG_OK;
    *whole = (struct separation){0};
    for (unsigned h = 0; code == MLG_OK && h < domain->halvings; h++) {
        struct separation one;
        code = cross_fit(domain, features, h, dense, &one, undefined, error);
        if (code != MLG_OK || one.high == 0 || one.low == 0)
            continue;
        const bool is_first = !(count > 0);
        whole->high = is_first || one.high < whole->high ? one.high : whole->high;
        whole->low = is_first || one.low < whole->low ? one.low : whole->low;
        count++;
        areas += one.area;
        errors += sqrt(one.variance);
    }
    if (count > 0) {
        whole->area = areas / count;
        whole->variance = errors / count * (errors / count);
        *undefined = NULL;
    }
    return code;
}

/* ---- domain_auc: what tells them apart --------------------------------------------------------------- */

struct telling {
    size_t column;
    double spread;
};

static int by_spread(const void *a, const void *b)
{
    const struct telling *one = a, *other = b;
    if (one->spread < other->spread || one->spread > other->spread)
        return one->spread > other->spread ? -1 : 1;
    return (one->column > other->column) - (one->column < other->column);
}

/* The columns that move the model of all rows most, each with what it tells alone. */
static int tell_columns(const struct domain_state *domain, const struct mlg_dense *dense,
                        struct mlg_overfit_outcome *outcome, struct mlg_arena *arena, struct mlg_error *error)
{
    const struct mlg_features *both = &domain->both;
    const struct mlg_simple_target target = {.classes = domain->is_held_out, .class_count = 2};
    const size_t columns = domain->column_count;
    struct telling *telling = MLG_NEW_ARRAY(arena, struct telling, columns + 1);
    double *spread = MLG_NEW_ARRAY(arena, double, both->count + 1);
    const double sure = mlg_normal_quantile(1 - 0.05 / (double)(columns + 1));
    struct mlg_simple model;
    if (!telling || !spread)
        return no_memory(error);
    int code = mlg_simple_fit(both, &target, dense, arena, &model, error);
    if (code != MLG_OK || model.undefined)
        return code;
    if (!mlg_simple_spread(&model, both, spread))
        return no_memory(error);
    for (size_t c = 0; c < columns; c++) {
        telling[c].column = c;
        for (size_t f = domain->starts[c]; f < domain->starts[c + 1]; f++)
            telling[c].spread = fmax(telling[c].spread, spread[f]);
    }
    qsort(telling, columns, sizeof *telling, by_spread);
    for (size_t i = 0; code == MLG_OK && i < columns && i < MOST_ALONE; i++) {
        const size_t first = domain->starts[telling[i].column];
        const struct mlg_features alone = {both->rows, domain->starts[telling[i].column + 1] - first,
                                           &both->items[first]};
        const char *undefined = NULL;
        struct separation s;
        code = cross_fits(domain, &alone, dense, &s, &undefined, error);
        if (code != MLG_OK || undefined || s.high == 0 || !(s.area - sure * sqrt(s.variance) > 0.5))
            continue;
        const char *text = mlg_arena_format(arena, "column '%s': %.4g alone", alone.items->name, s.area);
        if (text)
            outcome->offenders[outcome->offender_count++] = text;
        if (!outcome->advice)
            outcome->advice = mlg_arena_format(
                arena,

                "look at column '%s', which tells train from held-out rows best; split at random, or where "
                "held-out rows are newer on purpose, set a limit that allows for it",
                alone.items->name);
    }
    outcome->offenders_of = outcome->offender_count;
    if (!outcome->advice)
        outcome->advice =
            "split again at random, or where held-out rows differ on purpose, set a limit that allows for it";
    return code;
}

static void tell_remarks(const struct mlg_watch_remarks *remarks, bool is_weighted,
                         struct mlg_overfit_outcome *outcome)
{
    for (size_t i = 0; i < remarks->count; i++)
        mlg_overfit_note(outcome, remarks->items[i]);
    if (is_weighted)
        mlg_overfit_note(outcome, "weights are not used: every row counts once");
}

/* Does a column hold two different cells? */
static bool varies(const struct mlg_features *features)
{
    for (size_t f = 0; f < features->count; f++) {
        const struct mlg_feature *item = &features->items[f];
        for (size_t i = 1; i < features->rows; i++)
            if (item->is_numeric
                    ? isnan(item->numbers[i]) != isnan(item->numbers[0]) ||
                          item->numbers[i] < item->numbers[0] || item->numbers[i] > item->numbers[0]
                    : item->codes[i] != item->codes[0])
                return true;
    }
    return false;
}

static int domain_evaluate(const struct mlg_call *call, void *state, struct mlg_overfit_view *view,
                           struct mlg_evidence *evidence, struct mlg_overfit_outcome *outcome,
                           struct mlg_error *error)
{
    const struct domain_state *domain = state;
    const char *undefined = NULL;
    struct separation s = {0};
    struct mlg_dense dense;
    mlg_family_begin(call, evidence);
    evidence->n = domain->both.rows;
    if (!varies(&domain->both))
        return mlg_evidence_undefined(evidence, "no column varies in the rows of both sources");
    int code = mlg_dense_open(&dense, error);
    if (code == MLG_OK)
        code = cross_fits(domain, &domain->both, &dense, &s, &undefined, error);
    if (code == MLG_OK && !undefined && s.high > 0)
        code = tell_columns(domain, &dense, outcome, view->held_out.scratch, error);
    mlg_dense_close(&dense);
    if (code == MLG_LIMIT || code == MLG_WORLD) { /* the check's trouble, not the gate's */
        if (error)
            error->code = MLG_DATA;
        return MLG_DATA;
    }
    if (code != MLG_OK)
        return code;
    if (domain->note)
        mlg_overfit_note(outcome, domain->note);
    tell_remarks(&domain->remarks, domain->is_weighted, outcome);
    if (undefined || s.high == 0)
        return mlg_evidence_undefined(
            evidence, "too few %s to fit a model to one half of them and judge it on the other",
            domain->cluster ? "clusters" : "rows, or rows that differ,");
    area_evidence(&s, evidence);
    if (domain->cluster)
        clusters_evidence(&s, evidence);
    return MLG_OK;
}

/* ---- id_leak ------------------------------------------------------------------------------------------ */

enum { FEW_LABELS = 20 };

/* The label and, where there is one, the id; as cells, so that no gate's reading of labels is presumed. */
struct leak_state {
    struct mlg_watch *watch;
    struct mlg_features features; /* label, then the id and the cluster where there are any */
    const struct mlg_feature *id;
    uint32_t *cluster;
    size_t cluster_count;
    bool has_id, has_cluster, is_weighted;
    double *ids;         /* as numbers; NULL: there are none */
    const char *id_note; /* which of them are none */
};

static int leak_plan(struct mlg_call *call, struct mlg_overfit_planning *planning, void **state,
                     struct mlg_error *error)
{
    const struct mlg_data *data = planning->held_out_data;
    struct leak_state *leak = MLG_NEW(planning->arena, struct leak_state);
    const char **columns = MLG_NEW_ARRAY(planning->arena, const char *, 3);
    size_t count = 0;
    (void)call;
    if (!leak || !columns)
        return no_memory(error);
    *state = leak;
    leak->has_id = data->id != NULL;
    leak->has_cluster = data->cluster != NULL;
    leak->is_weighted = data->weight != NULL;
    columns[count++] = data->label;
    if (leak->has_id)
        columns[count++] = data->id;
    if (leak->has_cluster)
        columns[count++] = data->cluster;
    const struct mlg_texts texts = {.items = columns, .count = count};
    /* That the source has labels is for the plan to say; of which kind is seen later. */
    int code = data->label ? MLG_OK : mlg_plan_reads(planning->held_out, MLG_READS_LABEL_NUMBER, error);
    if (code == MLG_OK)
        code = mlg_watch_columns(planning->held_out, data, &texts, planning->arena, &leak->watch, error);
    if (code == MLG_OK)
        mlg_watch_keep_texts(leak->watch);
    return code;
}

/* "row-", 12 of "row-0012"; an id that is a number has no text in front. False: it ends in no digits. */
static bool split_id(const char *text, size_t *front, double *number)
{
    enum { MOST_DIGITS = 15 }; /* exact in a double */
    const size_t size = strlen(text);
    *front = size;
    if (mlg_number_parse_with(text, size, '.', number) && isfinite(*number)) {
        *front = 0;
        return true;
    }
    while (*front > 0 && size - *front < MOST_DIGITS && text[*front - 1] >= '0' && text[*front - 1] <= '9')
        --*front;
    return *front < size && mlg_number_parse_with(text + *front, size - *front, '.', number);
}

/* The id whose front most rows have. */
static const char *usual_front(const struct mlg_feature *id, const size_t *rows, size_t *front, size_t *most)
{
    const char *usual = NULL;
    double number;
    *most = 0;
    for (size_t k = 0; k < id->text_count; k++) {
        size_t own, same = 0, its;
        /* One that more than half of the rows have is among any few of them; to look at each would be slow.
         */
        enum { TRIED = 32 };
        if (k >= TRIED || !split_id(id->texts[k], &own, &number))
            continue;
        for (size_t j = 0; j < id->text_count; j++)
            if (split_id(id->texts[j], &its, &number) && its == own &&
                strncmp(id->texts[j], id->texts[k], own) == 0)
                same += rows[j];
        if (same > *most || (same == *most && usual && strcmp(id->texts[k], usual) < 0)) {
            *most = same;
            usual = id->texts[k];
            *front = own;
        }
    }
    return usual;
}

/* Ids as numbers: as they are, or the digits that follow what all have in front. A few others are missing
 * ones. False: no memory. */
static bool read_ids(struct leak_state *leak, struct mlg_arena *arena)
{
    const struct mlg_feature *id = leak->id = &leak->features.items[1];
    const size_t rows = leak->features.rows;
    double *ids = MLG_NEW_ARRAY(arena, double, rows + 1), number;
    size_t *counts = MLG_NEW_ARRAY(arena, size_t, id->text_count + 1);
    size_t front = 0, most = 0, present = 0, its;
    if (!ids || !counts)
        return false;
    if (id->is_numeric) {
        memcpy(ids, id->numbers, rows * sizeof *ids);
        leak->ids = ids;
        return true;
    }
    for (size_t i = 0; i < rows; i++)
        if (id->codes[i] < id->text_count) {
            counts[id->codes[i]]++;
            present++;
        }
    const char *usual = usual_front(id, counts, &front, &most);
    const char *odd = NULL;
    for (size_t k = 0; k < id->text_count; k++)
        if ((!usual || !split_id(id->texts[k], &its, &number) || its != front ||
             strncmp(id->texts[k], usual, front) != 0) &&
            (!odd || strcmp(id->texts[k], odd) < 0))
            odd = id->texts[k];
    if (!usual || 10 * most < 9 * present) {
        leak->id_note = mlg_arena_format(
            arena,
            "the ids in '%s' are no numbers, nor do they end in digits behind one text that all have "
            "in front (one is '%s'): only the order of the rows was looked at",
            id->name, odd ? odd : "");
        return leak->id_note != NULL;
    }
    for (size_t i = 0; i < rows; i++) {
        const uint32_t code = id->codes[i];
        const bool is_usual = code < id->text_count && split_id(id->texts[code], &its, &number) &&
                              its == front && strncmp(id->texts[code], usual, front) == 0;
        ids[i] = is_usual ? number : (double)NAN;
    }
    leak->ids = ids;
    if (!odd)
        return true;
    leak->id_note = mlg_arena_format(arena, "%s of %s ids in '%s' were left out, as '%s' is no number",
                                     mlg_count_text(present - most, arena), mlg_count_text(present, arena),
                                     id->name, odd);
    return leak->id_note != NULL;
}

/* False: no memory. */
static bool read_clusters(struct leak_state *leak, struct mlg_arena *arena)
{
    const size_t rows = leak->features.rows;
    const struct mlg_features own = {rows, 1, &leak->features.items[leak->has_id ? 2 : 1]};
    struct mlg_hashed *hashed = calloc(rows + 1, sizeof *hashed);
    leak->cluster = MLG_NEW_ARRAY(arena, uint32_t, rows + 1);
    const bool memory =
        hashed && leak->cluster && mlg_hashed_cells(&own, 0, hashed) && mlg_hashed_sort(hashed, rows);
    for (size_t i = 0; memory && i < rows; i++) {
        leak->cluster_count += i == 0 || hashed[i].hash != hashed[i - 1].hash;
        leak->cluster[hashed[i].row] = (uint32_t)leak->cluster_count - 1;
    }
    free(hashed);
    return memory;
}

static int leak_prepare(const struct mlg_call *call, void *state, struct mlg_overfit_preparing *preparing,
                        struct mlg_error *error)
{
    struct leak_state *leak = state;
    struct mlg_features none;
    (void)call;
    const int code = mlg_watch_features(leak->watch, NULL, preparing->arena, &leak->features, &none, error);
    if (code != MLG_OK)
        return code;
    const bool memory = (!leak->has_id || read_ids(leak, preparing->arena)) &&
                        (!leak->has_cluster || read_clusters(leak, preparing->arena));
    return memory ? MLG_OK : no_memory(error);
}

/* One thing that may tell the label: a correlation from -1 to 1 with evidence of its own. */
struct look {
    const char *text;
    bool is_area; /* of 2 area - 1 */
    struct mlg_evidence area;
    double correlation, error; /* else: Spearman's, and the standard error of its Fisher z */
    double degrees;            /* of that error: of few clusters it is hardly known */
};

struct looks {
    struct look *items;
    size_t count;
};

static struct mlg_limits look_limits(const struct look *look, double confidence, double multiplier)
{
    if (look->is_area) {
        const struct mlg_bounds bounds = mlg_interval(&look->area, confidence, MLG_METHOD_COUNT, multiplier);
        if (!bounds.known)
            return (struct mlg_limits){2 * look->area.value - 1, -1, 1};
        return (struct mlg_limits){2 * look->area.value - 1, 2 * bounds.lower - 1, 2 * bounds.upper - 1};
    }
    const double z = atanh(fmin(fmax(look->correlation, -0.999999999), 0.999999999));
    const double half = (isfinite(look->degrees) ? mlg_t_quantile(confidence, look->degrees * multiplier)
                                                 : mlg_normal_quantile(confidence)) *
                        look->error / sqrt(multiplier);
    return (struct mlg_limits){look->correlation, tanh(z - half), tanh(z + half)};
}

/* As single_feature's: within a limit are all, beyond it is one. Of a size both sides count, so that there
 * are two ways for each to be beyond. */
static int leak_bounds(const void *state, double confidence, double multiplier, double *lower, double *upper)
{
    const struct looks *looks = state;
    const double corrected = 1 - (1 - confidence) / (2 * (double)looks->count);
    *lower = *upper = 0;
    for (size_t i = 0; i < looks->count; i++) {
        const struct mlg_limits plain = look_limits(&looks->items[i], confidence, multiplier);
        const struct mlg_limits wide = look_limits(&looks->items[i], corrected, multiplier);
        *upper = fmax(*upper, fmax(fabs(plain.lower), fabs(plain.upper)));
        *lower = fmax(*lower, fmax(wide.lower, -wide.upper));
    }
    return 0;
}

static double size_of(const struct look *look)
{
    return fabs(look->is_area ? 2 * look->area.value - 1 : look->correlation);
}

struct ranked_number {
    double value;
    size_t row;
};

static int by_number(const void *a, const void *b)
{
    const struct ranked_number *one = a, *other = b;
    return (one->value > other->value) - (one->value < other->value);
}

/* Ranks from 1, equal values their mean. */
static void rank(const double *values, size_t count, struct ranked_number *room, double *ranks)
{
    for (size_t i = 0; i < count; i++)
        room[i] = (struct ranked_number){values[i], i};
    qsort(room, count, sizeof *room, by_number);
    for (size_t first = 0, last; first < count; first = last) {
        for (last = first + 1; last < count && !(room[last].value > room[first].value);)
            last++;
        for (size_t i = first; i < last; i++)
            ranks[room[i].row] = ((double)first + 1 + (double)last) / 2;
    }
}

/* `influence`: what each row adds to it. */
static bool spearman(const double *a, const double *b, size_t count, struct mlg_arena *arena,
                     double *correlation, double *influence)
{
    struct ranked_number *room = MLG_NEW_ARRAY(arena, struct ranked_number, count + 1);
    double *x = MLG_NEW_ARRAY(arena, double, count + 1), *y = MLG_NEW_ARRAY(arena, double, count + 1);
    struct mlg_sum xx = {0}, yy = {0}, xy = {0};
    const double mean = ((double)count + 1) / 2;
    if (!room || !x || !y)
        return false;
    rank(a, count, room, x);
    rank(b, count, room, y);
    for (size_t i = 0; i < count; i++) {
        mlg_sum_add_product(&xx, x[i] - mean, x[i] - mean);
        mlg_sum_add_product(&yy, y[i] - mean, y[i] - mean);
        mlg_sum_add_product(&xy, x[i] - mean, y[i] - mean);
    }
    const double across = mlg_sum_round(&xx), along = mlg_sum_round(&yy);
    *correlation = mlg_sum_round(&xy) / sqrt(across) / sqrt(along);
    for (size_t i = 0; i < count; i++) {
        const double u = x[i] - mean, v = y[i] - mean;
        influence[i] =
            u * v / sqrt(across) / sqrt(along) - *correlation / 2 * (u * u / across + v * v / along);
    }
    return true;
}

/* The rows whose label and number are known: labels as numbers, or as codes into `names`. */
struct pairs {
    double *numbers, *labels, *influence;
    uint32_t *clusters; /* 0 where there are none */
    size_t count, label_count;
    const char **names;
};

/* Different labels in the order of numbers, or of bytes; numbers of more than FEW_LABELS are numbers. */
static bool list_labels(const struct mlg_feature *label, size_t rows, struct mlg_arena *arena,
                        struct pairs *pairs, double *values)
{
    size_t count = 0;
    if (!label->is_numeric) {
        pairs->names = (const char **)(uintptr_t)label->texts;
        pairs->label_count = label->text_count;
        return true;
    }
    pairs->names = MLG_NEW_ARRAY(arena, const char *, FEW_LABELS + 1);
    if (!pairs->names)
        return false;
    for (size_t i = 0; i < rows && count <= FEW_LABELS; i++) {
        size_t k = 0;
        while (k < count && (values[k] < label->numbers[i] || values[k] > label->numbers[i]))
            k++;
        if (k == count && !isnan(label->numbers[i]) && count++ < FEW_LABELS)
            values[k] = label->numbers[i];
    }
    pairs->label_count = count;
    if (count > FEW_LABELS)
        return true;
    qsort(values, count, sizeof *values, by_size);
    for (size_t k = 0; k < count; k++)
        pairs->names[k] = mlg_arena_format(arena, "%.12g", values[k]);
    return true;
}

static double label_code(const struct mlg_feature *label, size_t row, const double *values, size_t count)
{
    if (!label->is_numeric)
        return label->codes[row] == MLG_CODE_MISSING ? (double)NAN : (double)label->codes[row];
    if (count > FEW_LABELS || isnan(label->numbers[row]))
        return label->numbers[row];
    size_t k = 0;
    while (values[k] < label->numbers[row])
        k++;
    return (double)k;
}

/* The error of a correlation by clusters, never below that of as many rows. False: no memory. */
static bool cluster_correlation(const struct leak_state *leak, const struct pairs *pairs, struct look *look,
                                struct mlg_arena *arena)
{
    struct mlg_sum *sums = MLG_NEW_ARRAY(arena, struct mlg_sum, leak->cluster_count + 1), squares = {0};
    uint8_t *met = MLG_NEW_ARRAY(arena, uint8_t, leak->cluster_count + 1);
    const double slope = 1 - look->correlation * look->correlation;
    double count = 0;
    if (!sums || !met)
        return false;
    for (size_t i = 0; i < pairs->count; i++) {
        mlg_sum_add(&sums[pairs->clusters[i]], pairs->influence[i]);
        met[pairs->clusters[i]] = 1;
    }
    for (size_t c = 0; c < leak->cluster_count; c++) {
        const double adds = mlg_sum_round(&sums[c]);
        mlg_sum_add_product(&squares, adds, adds);
        count += met[c];
    }
    look->degrees = fmax(1, count - 1);
    if (count > 1 && slope > 0)
        look->error = fmax(look->error, sqrt(mlg_sum_round(&squares) * count / (count - 1)) / slope);
    return true;
}

/* What `number` (the place of a row, or its id) tells of each class, or of the number that is the label. */
static bool look_at(const struct leak_state *leak, const double *number, size_t rows, const char *what,
                    struct looks *looks, struct mlg_arena *arena)
{
    const struct mlg_feature *label = &leak->features.items[0];
    double values[FEW_LABELS];
    struct pairs pairs = {.numbers = MLG_NEW_ARRAY(arena, double, rows + 1),
                          .labels = MLG_NEW_ARRAY(arena, double, rows + 1),
                          .influence = MLG_NEW_ARRAY(arena, double, rows + 1),
                          .clusters = MLG_NEW_ARRAY(arena, uint32_t, rows + 1)};
    struct scored *high = MLG_NEW_ARRAY(arena, struct scored, rows + 1);
    struct scored *low = MLG_NEW_ARRAY(arena, struct scored, rows + 1);
    if (!pairs.numbers || !pairs.labels || !pairs.influence || !pairs.clusters || !high || !low ||
        !list_labels(label, rows, arena, &pairs, values))
        return false;
    for (size_t i = 0; i < rows; i++) {
        const double code = label_code(label, i, values, pairs.label_count);
        if (isnan(code) || isnan(number[i]))
            continue;
        pairs.numbers[pairs.count] = number[i];
        pairs.clusters[pairs.count] = leak->cluster ? leak->cluster[i] : 0;
        pairs.labels[pairs.count++] = code;
    }
    const size_t room =
        looks->count + (pairs.label_count > FEW_LABELS && label->is_numeric ? 1 : pairs.label_count);
    struct look *grown = MLG_NEW_ARRAY(arena, struct look, room + 1);
    if (!grown)
        return false;
    if (looks->count)
        memcpy(grown, looks->items, looks->count * sizeof *grown);
    looks->items = grown;
    if (label->is_numeric && pairs.label_count > FEW_LABELS) {
        struct look *look = &looks->items[looks->count];
        const double n = (double)pairs.count;
        if (!spearman(pairs.numbers, pairs.labels, pairs.count, arena, &look->correlation, pairs.influence))
            return false;
        if (isnan(look->correlation) || pairs.count < 5)
            return true;
        look->error = sqrt((1 + look->correlation * look->correlation / 2) / (n - 3));
        look->degrees = (double)INFINITY;
        if (leak->cluster && !cluster_correlation(leak, &pairs, look, arena))
            return false;
        look->text = what;
        looks->count++;
        return true;
    }
    /* Of two classes one is the other's opposite. */
    for (size_t k = pairs.label_count == 2 ? 1 : 0; k < pairs.label_count; k++) {
        struct look *look = &looks->items[looks->count];
        size_t highs = 0, lows = 0;
        for (size_t i = 0; i < pairs.count; i++)
            if ((size_t)pairs.labels[i] == k)
                high[highs++] = (struct scored){pairs.numbers[i], pairs.clusters[i]};
            else
                low[lows++] = (struct scored){pairs.numbers[i], pairs.clusters[i]};
        if (highs == 0 || lows == 0)
            continue;
        struct separation s;
        if (!separate(high, highs, low, lows, leak->cluster_count, &s))
            return false;
        look->is_area = true;
        look->area = (struct mlg_evidence){
            .kind = MLG_VALUE_ONLY, .minimum = 0, .maximum = 1, .degrees = (double)INFINITY};
        area_evidence(&s, &look->area);
        if (look->area.smaller_class >= 2)
            look->area.degrees = look->area.smaller_class - 1; /* far in the tails that makes a difference */
        if (leak->cluster)
            clusters_evidence(&s, &look->area);
        look->text = pairs.label_count == 2
                         ? what
                         : mlg_arena_format(arena, "%s, of label '%s'", what, pairs.names[k]);
        looks->count++;
    }
    return true;
}

static int by_look(const void *a, const void *b)
{
    const double one = size_of(a), other = size_of(b);
    if (one < other || one > other)
        return one > other ? -1 : 1;
    const struct look *mine = a, *its = b;
    return strcmp(mine->text ? mine->text : "", its->text ? its->text : "");
}

static void tell_looks(const struct looks *looks, struct mlg_overfit_outcome *outcome,
                       struct mlg_arena *arena)
{
    for (size_t i = 0; i < looks->count && i < MLG_OVERFIT_OFFENDERS; i++) {
        const char *text =
            mlg_arena_format(arena, "%s: %.4g", looks->items[i].text, size_of(&looks->items[i]));
        if (text)
            outcome->offenders[outcome->offender_count++] = text;
    }
    outcome->offenders_of = looks->count;
    outcome->advice = mlg_arena_format(
        arena, "look at the %s: shuffle the rows, and keep what tells their order away from the model",
        looks->items->text);
}

static int leak_evaluate(const struct mlg_call *call, void *state, struct mlg_overfit_view *view,
                         struct mlg_evidence *evidence, struct mlg_overfit_outcome *outcome,
                         struct mlg_error *error)
{
    const struct leak_state *leak = state;
    struct mlg_arena *arena = view->held_out.scratch;
    struct looks *looks = MLG_NEW(arena, struct looks);
    size_t rows;
    const uint64_t *positions = mlg_watch_positions(leak->watch, &rows);
    double *places = MLG_NEW_ARRAY(arena, double, rows + 1);
    mlg_family_begin(call, evidence);
    if (!looks || !places)
        return no_memory(error);
    for (size_t i = 0; i < rows; i++)
        places[i] = (double)positions[i];
    if (!look_at(leak, places, rows, "order of the rows", looks, arena))
        return no_memory(error);
    if (leak->ids) {
        const char *what = mlg_arena_format(arena, "id '%s'", leak->id->name);
        if (!what || !look_at(leak, leak->ids, rows, what, looks, arena))
            return no_memory(error);
    }
    mlg_overfit_note(outcome, leak->id_note);
    if (leak->is_weighted)
        mlg_overfit_note(outcome, "weights are not used: every row counts once");
    evidence->n = rows;
    if (looks->count == 0)
        return mlg_evidence_undefined(evidence, "all rows have the same label, or too few have one");
    qsort(looks->items, looks->count, sizeof *looks->items, by_look);
    evidence->value = size_of(looks->items);
    tell_looks(looks, outcome, arena);
    if (leak->cluster && leak->cluster_count < 2) {
        mlg_family_bare(evidence,
                        "one cluster alone says nothing about the others: bring rows of more clusters");
        return MLG_OK;
    }
    evidence->kind = MLG_BOUNDS;
    evidence->method = leak->cluster           ? MLG_METHOD_CLUSTER
                       : looks->items->is_area ? MLG_METHOD_DELONG
                                               : MLG_METHOD_DELTA;
    evidence->bounds = leak_bounds;
    evidence->state = looks;
    return MLG_OK;
}

/* ---- rows --------------------------------------------------------------------------------------------- */

const struct mlg_metric mlg_overfit_domain_auc = {
    .name = "domain_auc",
    .about = "how well the columns tell train from held-out rows: of a random split not at all, 0.5",
    .definition =
        "area under the ROC curve of a logistic regression (see gain_over_simple) that tells "
        "held-out from train rows by their columns, and of numbers by how far from the middle they are. "
        "Two models: each is fitted to one half of the rows and judged on the other; the mean of five "
        "such halvings (of more than 20,000 rows one). What a row holds decides its half, so that equal "
        "rows are in the same unless few rows differ; with the role 'cluster' its cluster does. 0.5: the "
        "split is exchangeable; near 1 the model is judged on rows of another "
        "kind than it was fitted to, on purpose (newer ones, other sites) or by mistake",
    .undefined_when = "no column varies, or a half of the rows has none of one source",
    .source = "classifier two-sample test, Lopez-Paz and Oquab 2017; DeLong 1988, of two halves",
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .params = mlg_overfit_params,
    .method = MLG_METHOD_DELONG,
    MLG_OVERFIT_KERNEL(.needs = MLG_NEEDS_TRAIN | MLG_NEEDS_COLUMNS, .plan = domain_plan,
                       .prepare = domain_prepare, .evaluate = domain_evaluate),
};

const struct mlg_metric mlg_overfit_id_leak = {
    .name = "id_leak",
    .about = "how much the order of the held-out rows, or a numeric id, tells of the label",
    .definition = "largest rank correlation of the label with the place of the row in the file, or with the "
                  "role 'id' where it is a number, or ends in one behind the same text: |2 AUC - 1| of each "
                  "label against the others, of labels "
                  "that are more than 20 different numbers |Spearman's rho|. A limit is met where all keep "
                  "within it, each at the confidence of the check, and missed where one is beyond it at that "
                  "confidence corrected for their number and both signs (Bonferroni). Rows that are "
                  "sorted by label on purpose have 1: shuffle them",
    .undefined_when = "all rows have the same label",
    .source =
        "DeLong 1988, with Student's t of the smaller class's rows (Brunner and Munzel 2000); Fisher's z "
        "with the standard error of Bonett and Wright 2000",
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .params = mlg_overfit_params,
    .reads = MLG_READS_LABEL,
    .method = MLG_METHOD_DELONG,
    MLG_OVERFIT_KERNEL(.needs = MLG_NEEDS_NO_TRAIN, .plan = leak_plan, .prepare = leak_prepare,
                       .evaluate = leak_evaluate),
};
