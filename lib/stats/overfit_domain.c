/* overfit_domain: do the columns tell train from held-out rows, and does the place of a row tell its label?
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hashed.h"
#include "mlgate/distribution.h"
#include "overfit_private.h"
#include "watch.h"

static int no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory to compare train with held-out rows");
}

/* ---- an area under the curve ------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    const double *one = a, *other = b;
    return (*one > *other) - (*one < *other);
}

/* How often a number of `high` exceeds one of `low`, ties half, and DeLong's variance of it. Sorts both. */
struct separation {
    double area, variance;
    size_t high, low;
};

/* Sum and sum of squares of the shares of `low` that each of `high` exceeds. */
static void placements(const double *high, size_t high_count, const double *low, size_t low_count,
                       double *mean, double *squares)
{
    size_t below = 0, not_above = 0;
    struct mlg_sum sum = {0}, deviations = {0};
    for (int pass = 0; pass < 2; pass++) {
        below = not_above = 0;
        for (size_t i = 0; i < high_count; i++) {
            while (below < low_count && low[below] < high[i])
                below++;
            while (not_above < low_count && low[not_above] <= high[i])
                not_above++;
            const double share = ((double)below + (double)not_above) / 2 / (double)low_count;
            if (pass == 0)
                mlg_sum_add(&sum, share);
            else
                mlg_sum_add_product(&deviations, share - *mean, share - *mean);
        }
        if (pass == 0)
            *mean = mlg_sum_round(&sum) / (double)high_count;
    }
    *squares = mlg_sum_round(&deviations);
}

static struct separation separate(double *high, size_t high_count, double *low, size_t low_count)
{
    struct separation s = {.high = high_count, .low = low_count};
    double high_squares, low_squares, opposite;
    qsort(high, high_count, sizeof *high, by_size);
    qsort(low, low_count, sizeof *low, by_size);
    placements(high, high_count, low, low_count, &s.area, &high_squares);
    placements(low, low_count, high, high_count, &opposite, &low_squares);
    const double m = (double)high_count, n = (double)low_count;
    if (high_count > 1 && low_count > 1)
        s.variance = high_squares / (m - 1) / m + low_squares / (n - 1) / n;
    return s;
}

/* Evidence of an area: as roc_auc's. */
static void area_evidence(const struct separation *s, struct mlg_evidence *evidence)
{
    const size_t smaller = s->high < s->low ? s->high : s->low;
    evidence->value = s->area;
    evidence->n = s->high + s->low;
    evidence->smaller_class = (double)smaller;
    if (smaller < 2)
        return;
    evidence->kind = MLG_AUC;
    evidence->method = MLG_METHOD_DELONG;
    evidence->standard_error = sqrt(s->variance);
}

/* ---- domain_auc: rows of both sources ------------------------------------------------------------------ */

enum { MOST_ALONE = MLG_OVERFIT_OFFENDERS, FOLDS = 2, MOST_ROWS = 100000 };

struct domain_state {
    struct mlg_watch *held_out_watch, *train_watch;
    struct mlg_features both; /* train rows, then held-out rows */
    size_t train_rows;
    uint16_t *is_held_out;
    uint8_t *fold;
    size_t different; /* rows that do not hold the same */
    const char *note; /* how many rows were drawn; NULL: all */
};

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
    return code == MLG_OK ? mlg_watch_columns(planning->train, planning->train_data, &columns,
                                              planning->arena, &domain->train_watch, error)
                          : code;
}

/* By what a row holds: neither its place nor its source decides, and equal rows are never told apart by
 * themselves. */
static bool draw_folds(struct domain_state *domain)
{
    const struct mlg_features *both = &domain->both;
    struct mlg_hashed *rows = calloc(both->rows + 1, sizeof *rows);
    bool memory = rows && mlg_hashed_cells(both, 0, rows);
    for (size_t i = 0; memory && i < both->rows; i++)
        domain->fold[i] = (uint8_t)(mlg_hashed_mix(rows[i].hash, UINT64_C(0x5851f42d4c957f2d)) >> 63);
    memory = memory && mlg_hashed_sort(rows, both->rows);
    for (size_t i = 0; memory && i < both->rows; i++)
        domain->different += i == 0 || rows[i].hash != rows[i - 1].hash;
    free(rows);
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
        if (from->is_numeric)
            numbers[i] = from->numbers[drawn[i].row];
        else
            codes[i] = from->codes[drawn[i].row];
}

static const char *drawn_text(size_t drawn, size_t rows, struct mlg_arena *arena)
{
    return drawn < rows ? mlg_arena_format(arena, "%s of %s", mlg_count_text(drawn, arena),
                                           mlg_count_text(rows, arena))
                        : mlg_arena_format(arena, "all %s", mlg_count_text(rows, arena));
}

/* The drawn rows of train, behind them those of the held-out source. */
static bool join_sources(struct domain_state *domain, const struct mlg_features *train,
                         const struct mlg_features *held_out, struct mlg_arena *arena)
{
    size_t others;
    struct mlg_hashed *first = draw_rows(train, 1, &domain->train_rows);
    struct mlg_hashed *second = draw_rows(held_out, 2, &others);
    const size_t rows = domain->train_rows + others;
    struct mlg_feature *items = MLG_NEW_ARRAY(arena, struct mlg_feature, train->count + 1);
    domain->is_held_out = MLG_NEW_ARRAY(arena, uint16_t, rows + 1);
    domain->fold = MLG_NEW_ARRAY(arena, uint8_t, rows + 1);
    bool memory = first && second && items && domain->is_held_out && domain->fold;
    for (size_t f = 0; memory && f < train->count; f++) {
        double *numbers = train->items[f].is_numeric ? MLG_NEW_ARRAY(arena, double, rows + 1) : NULL;
        uint32_t *codes = train->items[f].is_numeric ? NULL : MLG_NEW_ARRAY(arena, uint32_t, rows + 1);
        items[f] = train->items[f];
        items[f].numbers = numbers;
        items[f].codes = codes;
        memory = numbers || codes;
        if (!memory)
            break;
        take_cells(&train->items[f], first, domain->train_rows, numbers, codes);
        take_cells(&held_out->items[f], second, others, numbers ? numbers + domain->train_rows : NULL,
                   codes ? codes + domain->train_rows : NULL);
    }
    for (size_t i = domain->train_rows; memory && i < rows; i++)
        domain->is_held_out[i] = 1;
    domain->both = (struct mlg_features){rows, train->count, items};
    if (memory && (domain->train_rows < train->rows || others < held_out->rows)) {
        domain->note = mlg_arena_format(
            arena, "measured on %s train rows and %s held-out rows, drawn by what they hold",
            drawn_text(domain->train_rows, train->rows, arena), drawn_text(others, held_out->rows, arena));
        memory = domain->note != NULL;
    }
    free(first);
    free(second);
    return memory;
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
    const int code =
        mlg_watch_features(domain->held_out_watch, domain->train_watch, arena, &held_out, &train, error);
    if (code != MLG_OK)
        return code;
    return join_sources(domain, &train, &held_out, arena) && draw_folds(domain) ? MLG_OK : no_memory(error);
}

/* The area of each fold's rows under a model of the other fold's, by their pairs. The two are no independent
 * samples: where nothing tells the sources apart, chance tells them apart the same way in both (what a model
 * of one fold learns of the other is the product of the same two differences). So their errors add up as if
 * they always agreed, which is never too little; added as if they were independent, they would prove a
 * difference in 11 of 100 random splits at 95 %. */
static int cross_fit(const struct domain_state *domain, const struct mlg_features *features,
                     const struct mlg_dense *dense, struct separation *whole, const char **undefined,
                     struct mlg_error *error)
{
    const size_t rows = features->rows;
    struct mlg_arena arena;
    mlg_arena_init(&arena, 0);
    double *weights = MLG_NEW_ARRAY(&arena, double, rows + 1);
    double *told[2] = {MLG_NEW_ARRAY(&arena, double, rows + 1), MLG_NEW_ARRAY(&arena, double, rows + 1)};
    double *high = MLG_NEW_ARRAY(&arena, double, rows + 1), *low = MLG_NEW_ARRAY(&arena, double, rows + 1);
    const struct mlg_simple_target target = {
        .classes = domain->is_held_out, .class_count = 2, .weights = weights};
    double pairs = 0, area = 0, errors = 0;
    int code = weights && told[0] && told[1] && high && low ? MLG_OK : no_memory(error);
    *whole = (struct separation){0};
    for (unsigned fold = 0; code == MLG_OK && !*undefined && fold < FOLDS; fold++) {
        struct mlg_simple model;
        size_t highs = 0, lows = 0;
        for (size_t i = 0; i < rows; i++)
            weights[i] = domain->fold[i] == fold ? 0 : 1;
        code = mlg_simple_fit(features, &target, dense, &arena, &model, error);
        if (code != MLG_OK || (*undefined = model.undefined))
            break;
        if (!mlg_simple_predict(&model, features, told))
            code = no_memory(error);
        for (size_t i = 0; code == MLG_OK && i < rows; i++) {
            if (domain->fold[i] != fold)
                continue;
            if (domain->is_held_out[i])
                high[highs++] = told[1][i];
            else
                low[lows++] = told[1][i];
        }
        if (code != MLG_OK || highs == 0 || lows == 0)
            continue;
        const struct separation part = separate(high, highs, low, lows);
        const double weight = (double)highs * (double)lows;
        pairs += weight;
        area += weight * part.area;
        errors += weight * sqrt(part.variance);
        whole->high += highs;
        whole->low += lows;
    }
    if (pairs > 0) {
        whole->area = area / pairs;
        whole->variance = errors / pairs * (errors / pairs);
    }
    mlg_arena_free(&arena);
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
    struct telling *telling = MLG_NEW_ARRAY(arena, struct telling, both->count + 1);
    double *spread = MLG_NEW_ARRAY(arena, double, both->count + 1);
    const double sure = mlg_normal_quantile(1 - 0.05 / (double)(both->count + 1));
    struct mlg_simple model;
    if (!telling || !spread)
        return no_memory(error);
    int code = mlg_simple_fit(both, &target, dense, arena, &model, error);
    if (code != MLG_OK || model.undefined)
        return code;
    if (!mlg_simple_spread(&model, both, spread))
        return no_memory(error);
    for (size_t f = 0; f < both->count; f++)
        telling[f] = (struct telling){f, spread[f]};
    qsort(telling, both->count, sizeof *telling, by_spread);
    for (size_t i = 0; code == MLG_OK && i < both->count && i < MOST_ALONE; i++) {
        const struct mlg_features alone = {both->rows, 1, &both->items[telling[i].column]};
        const char *undefined = NULL;
        struct separation s;
        code = cross_fit(domain, &alone, dense, &s, &undefined, error);
        if (code != MLG_OK || undefined || !(s.area - sure * sqrt(s.variance) > 0.5))
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

/* Why the rows cannot be halved so that a model of each half learns of both sources; NULL: they can. */
static const char *why_not_halved(const struct domain_state *domain, struct mlg_arena *arena)
{
    size_t rows[FOLDS][2] = {{0}};
    for (size_t i = 0; i < domain->both.rows; i++)
        rows[domain->fold[i]][domain->is_held_out[i]]++;
    if (domain->different < 2)
        return "no column varies in the rows of both sources";
    for (unsigned fold = 0; fold < FOLDS; fold++)
        if (rows[fold][0] == 0 || rows[fold][1] == 0)
            return mlg_arena_format(
                arena,
                "of the two halves of the rows, in which equal rows stay together, one has no "
                "%s rows: %s different %s are too few to be halved; compare columns of more "
                "different values, or bring more rows",
                rows[fold][0] == 0 ? "train" : "held-out", mlg_count_text(domain->different, arena),
                mlg_plural(domain->different, "row", "rows"));
    return NULL;
}

static int domain_evaluate(const struct mlg_call *call, void *state, struct mlg_overfit_view *view,
                           struct mlg_evidence *evidence, struct mlg_overfit_outcome *outcome,
                           struct mlg_error *error)
{
    const struct domain_state *domain = state;
    const char *undefined = why_not_halved(domain, view->held_out.scratch);
    struct separation s = {0};
    struct mlg_dense dense;
    mlg_family_begin(call, evidence);
    evidence->n = domain->both.rows;
    if (undefined)
        return mlg_evidence_undefined(evidence, "%s", undefined);
    int code = mlg_dense_open(&dense, error);
    if (code == MLG_OK)
        code = cross_fit(domain, &domain->both, &dense, &s, &undefined, error);
    if (code == MLG_OK && !undefined)
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
    if (undefined)
        return mlg_evidence_undefined(evidence, "%s", undefined);
    area_evidence(&s, evidence);
    return MLG_OK;
}

/* ---- id_leak ------------------------------------------------------------------------------------------ */

enum { FEW_LABELS = 20 };

/* The label and, where there is one, the id; as cells, so that no gate's reading of labels is presumed. */
struct leak_state {
    struct mlg_watch *watch;
    struct mlg_features features; /* label, id */
    bool has_id;
};

static int leak_plan(struct mlg_call *call, struct mlg_overfit_planning *planning, void **state,
                     struct mlg_error *error)
{
    const struct mlg_data *data = planning->held_out_data;
    struct leak_state *leak = MLG_NEW(planning->arena, struct leak_state);
    const char **columns = MLG_NEW_ARRAY(planning->arena, const char *, 2);
    (void)call;
    if (!leak || !columns)
        return no_memory(error);
    *state = leak;
    leak->has_id = data->id != NULL;
    columns[0] = data->label;
    columns[1] = data->id;
    const struct mlg_texts texts = {.items = columns, .count = leak->has_id ? 2 : 1};
    /* That the source has labels is for the plan to say; of which kind is seen later. */
    const int code = data->label ? MLG_OK : mlg_plan_reads(planning->held_out, MLG_READS_LABEL_NUMBER, error);
    return code == MLG_OK
               ? mlg_watch_columns(planning->held_out, data, &texts, planning->arena, &leak->watch, error)
               : code;
}

static int leak_prepare(const struct mlg_call *call, void *state, struct mlg_overfit_preparing *preparing,
                        struct mlg_error *error)
{
    struct leak_state *leak = state;
    struct mlg_features none;
    (void)call;
    return mlg_watch_features(leak->watch, NULL, preparing->arena, &leak->features, &none, error);
}

/* One thing that may tell the label: a correlation from -1 to 1 with evidence of its own. */
struct look {
    const char *text;
    bool is_area; /* of 2 area - 1 */
    struct mlg_evidence area;
    double correlation, error; /* else: Spearman's, and the standard error of its Fisher z */
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
    const double half = mlg_normal_quantile(confidence) * look->error / sqrt(multiplier);
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

static bool spearman(const double *a, const double *b, size_t count, struct mlg_arena *arena,
                     double *correlation)
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
    *correlation = mlg_sum_round(&xy) / sqrt(mlg_sum_round(&xx)) / sqrt(mlg_sum_round(&yy));
    return true;
}

/* The rows whose label and number are known: labels as numbers, or as codes into `names`. */
struct pairs {
    double *numbers, *labels;
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

/* What `number` (the place of a row, or its id) tells of each class, or of the number that is the label. */
static bool look_at(const struct mlg_feature *label, const double *number, size_t rows, const char *what,
                    struct looks *looks, struct mlg_arena *arena)
{
    double values[FEW_LABELS];
    struct pairs pairs = {.numbers = MLG_NEW_ARRAY(arena, double, rows + 1),
                          .labels = MLG_NEW_ARRAY(arena, double, rows + 1)};
    double *high = MLG_NEW_ARRAY(arena, double, rows + 1), *low = MLG_NEW_ARRAY(arena, double, rows + 1);
    if (!pairs.numbers || !pairs.labels || !high || !low || !list_labels(label, rows, arena, &pairs, values))
        return false;
    for (size_t i = 0; i < rows; i++) {
        const double code = label_code(label, i, values, pairs.label_count);
        if (isnan(code) || isnan(number[i]))
            continue;
        pairs.numbers[pairs.count] = number[i];
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
        if (!spearman(pairs.numbers, pairs.labels, pairs.count, arena, &look->correlation))
            return false;
        if (isnan(look->correlation) || pairs.count < 5)
            return true;
        look->error = sqrt((1 + look->correlation * look->correlation / 2) / (n - 3));
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
                high[highs++] = pairs.numbers[i];
            else
                low[lows++] = pairs.numbers[i];
        if (highs == 0 || lows == 0)
            continue;
        const struct separation s = separate(high, highs, low, lows);
        look->is_area = true;
        look->area = (struct mlg_evidence){
            .kind = MLG_VALUE_ONLY, .minimum = 0, .maximum = 1, .degrees = (double)INFINITY};
        area_evidence(&s, &look->area);
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
    const struct mlg_feature *label = &leak->features.items[0];
    double *places = MLG_NEW_ARRAY(arena, double, rows + 1);
    mlg_family_begin(call, evidence);
    if (!looks || !places)
        return no_memory(error);
    for (size_t i = 0; i < rows; i++)
        places[i] = (double)positions[i];
    if (!look_at(label, places, rows, "order of the rows", looks, arena))
        return no_memory(error);
    if (leak->has_id && leak->features.items[1].is_numeric) {
        const char *what = mlg_arena_format(arena, "id '%s'", leak->features.items[1].name);
        if (!what || !look_at(label, leak->features.items[1].numbers, rows, what, looks, arena))
            return no_memory(error);
    }
    evidence->n = rows;
    if (looks->count == 0)
        return mlg_evidence_undefined(evidence, "all rows have the same label, or too few have one");
    qsort(looks->items, looks->count, sizeof *looks->items, by_look);
    evidence->value = size_of(looks->items);
    tell_looks(looks, outcome, arena);
    evidence->kind = MLG_BOUNDS;
    evidence->method = looks->items->is_area ? MLG_METHOD_DELONG : MLG_METHOD_DELTA;
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
        "held-out from train rows by their columns. Two models: each is fitted to one half of the "
        "rows and judged on the other; what a row holds decides its half, so that equal rows are in "
        "the same. 0.5: the split is exchangeable; near 1 the model is judged on rows of another "
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
    .definition =
        "largest rank correlation of the label with the place of the row in the file, or with the "
        "role 'id' where it is a number: |2 AUC - 1| of each label against the others, of labels "
        "that are more than 20 different numbers |Spearman's rho|. A limit is met where all keep "
        "within it, each at the confidence of the check, and missed where one is beyond it at that "
        "confidence corrected for their number and both signs (Bonferroni). Rows that are sorted by label on "
        "purpose have 1: shuffle them",
    .undefined_when = "all rows have the same label",
    .source = "DeLong 1988; Fisher's z with the standard error of Bonett and Wright 2000",
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .params = mlg_overfit_params,
    .reads = MLG_READS_LABEL,
    .method = MLG_METHOD_DELONG,
    MLG_OVERFIT_KERNEL(.needs = MLG_NEEDS_NO_TRAIN, .plan = leak_plan, .prepare = leak_prepare,
                       .evaluate = leak_evaluate),
};
