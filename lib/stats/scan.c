/* The pass: columns are asked of the reader, batches become rows with roles, rows go into accumulators;
 * at the end everything that workers hold is merged and mapped to global classes and slices.
 *
 * Memory: accumulators do not grow with rows. Kept rows take, each: label 3 bytes, prediction 2, numbers
 * and weight 8, every score 8, cluster, query and id 4, every slicing 4 (twice that while one column is
 * put together).
 */
#include "scan_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/number.h"
#include "mlgate/text.h"

/* ---- what to ask of the reader ------------------------------------------------------------------- */

/* The roles that are decoded as codes, each into a dictionary of its own; slices' columns follow. */
enum { CLASS_DICTIONARY, CLUSTER_DICTIONARY, QUERY_DICTIONARY, ID_DICTIONARY, FIRST_SLICE_DICTIONARY };
/* Values of a column that a worker's dictionary holds: a batch more than may be, which is then told. */
enum { SLICE_VALUES = MLG_DICTIONARY_VALUES + MLG_BATCH_ROWS };

struct column_plan {
    const struct mlg_plan *plan;
    struct mlg_column_request *requests;
    size_t count;
    size_t *limits;             /* per dictionary */
    const char **slice_columns; /* per dictionary from FIRST_SLICE_DICTIONARY on */
    size_t dictionary_count;
    /* Indices of requests; -1: not asked for. */
    int label, prediction, label_number, prediction_number, weight, cluster, query, id;
    int *scores; /* [score_count], NULL: not asked for */
    int (*slicings)[MLG_CROSS_COLUMNS];
    int *observed; /* of all observers, one after the other */
    size_t observed_count;
    int droppers[MLG_SCAN_DROPPERS]; /* requests of different columns that drop rows */
    size_t dropper_count;
    bool weighted, keeps;
};

static int ask(struct column_plan *columns, const char *name, const char *role, enum mlg_decode decode,
               enum mlg_on_missing on_missing, unsigned dictionary)
{
    if (!name) /* a role without a column, which planning refuses */
        return -1;
    for (size_t i = 0; i < columns->count; i++) {
        const struct mlg_column_request *r = columns->requests + i;
        if (strcmp(r->name, name) == 0 && r->decode == decode && r->on_missing == on_missing &&
            !r->takes_nested && (decode == MLG_DECODE_NUMBER || r->dictionary == dictionary))
            return (int)i;
    }
    columns->requests[columns->count] = (struct mlg_column_request){
        .name = name, .decode = decode, .on_missing = on_missing, .dictionary = dictionary, .role = role};
    return (int)columns->count++;
}

/* What is looked at as it is written, whatever it is. */
static int ask_nested(struct column_plan *columns, const char *name, const char *role, enum mlg_decode decode,
                      unsigned dictionary)
{
    columns->requests[columns->count] = (struct mlg_column_request){.name = name,
                                                                    .decode = decode,
                                                                    .on_missing = MLG_ON_MISSING_KEEP,
                                                                    .dictionary = dictionary,
                                                                    .role = role,
                                                                    .takes_nested = true};
    return (int)columns->count++;
}

static unsigned slice_dictionary(struct column_plan *columns, const char *name, bool declared)
{
    size_t d = FIRST_SLICE_DICTIONARY;
    while (d < columns->dictionary_count && strcmp(columns->slice_columns[d], name) != 0)
        d++;
    if (d == columns->dictionary_count) {
        columns->limits[d] = SLICE_VALUES;
        columns->slice_columns[columns->dictionary_count++] = name;
    }
    if (declared)
        columns->limits[d] = MLG_SCAN_DECLARED_VALUES;
    return (unsigned)d;
}

static void ask_roles(struct column_plan *c)
{
    const struct mlg_plan *plan = c->plan;
    const struct mlg_data *data = plan->data;
    const unsigned reads = plan->reads;
    const enum mlg_on_missing missing =
        data->missing == MLG_MISSING_DROP ? MLG_ON_MISSING_DROP : MLG_ON_MISSING_ERROR;
    const enum mlg_prediction_source source = mlg_plan_prediction_source(plan);
    const bool from_score = !data->prediction && (reads & MLG_READS_PREDICTION_NUMBER);
    if (reads & MLG_READS_LABEL)
        c->label = ask(c, data->label, "label", MLG_DECODE_CODE, missing, CLASS_DICTIONARY);
    if (source == MLG_PREDICTION_COLUMN)
        c->prediction = ask(c, data->prediction, "prediction", MLG_DECODE_CODE, missing, CLASS_DICTIONARY);
    if (reads & MLG_READS_LABEL_NUMBER)
        c->label_number = ask(c, data->label, "label", MLG_DECODE_NUMBER, missing, 0);
    if ((reads & MLG_READS_PREDICTION_NUMBER) && data->prediction)
        c->prediction_number = ask(c, data->prediction, "prediction", MLG_DECODE_NUMBER, missing, 0);
    if ((reads & (MLG_READS_SCORE | MLG_READS_PROBABILITY)) || source == MLG_PREDICTION_THRESHOLD ||
        source == MLG_PREDICTION_HIGHEST || from_score)
        for (size_t i = 0; i < plan->score_count; i++)
            c->scores[i] = ask(c, plan->score_columns[i], "score", MLG_DECODE_NUMBER, missing, 0);
    else
        c->scores = NULL;
    if (c->weighted)
        c->weight = ask(c, data->weight, "weight", MLG_DECODE_NUMBER, missing, 0);
    if (data->cluster && c->keeps)
        c->cluster = ask(c, data->cluster, "cluster", MLG_DECODE_CODE, missing, CLUSTER_DICTIONARY);
    if (reads & MLG_READS_QUERY)
        c->query = ask(c, data->query, "query", MLG_DECODE_CODE, missing, QUERY_DICTIONARY);
    if (plan->keep & MLG_KEEP_ID)
        c->id = ask(c, data->id, "id", MLG_DECODE_CODE, missing, ID_DICTIONARY);
    for (size_t s = 1; s < plan->slicing_count; s++) {
        const struct mlg_slicing *slicing = plan->slicings[s];
        for (size_t i = 0; i < slicing->column_count; i++) {
            const char *name = slicing->columns[i], *role = slicing->of ? slicing->of : "slice";
            c->slicings[s][i] = slicing->is_comparison || slicing->bins[i]
                                    ? ask(c, name, role, MLG_DECODE_NUMBER, MLG_ON_MISSING_KEEP, 0)
                                    : ask(c, name, role, MLG_DECODE_CODE, MLG_ON_MISSING_KEEP,
                                          slice_dictionary(c, name, slicing->declared_count > 0));
        }
    }
    for (size_t o = 0; o < plan->observer_count; o++) {
        const struct mlg_observer *observer = plan->observers[o];
        for (size_t i = 0; i < observer->column_count; i++)
            c->observed[c->observed_count++] =
                observer->takes_nested
                    ? ask_nested(c, observer->columns[i], observer->role, MLG_DECODE_TEXT, 0)
                    : ask(c, observer->columns[i], observer->role, MLG_DECODE_TEXT, MLG_ON_MISSING_KEEP, 0);
    }
    /* A file of which nothing is needed still has rows to count. */
    if (c->count == 0 && plan->column_count > 0)
        ask_nested(c, plan->columns[0], "first column", MLG_DECODE_CODE, QUERY_DICTIONARY);
}

/* Is a row without a value in the column dropped? */
static bool drops_rows(const struct column_plan *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->requests[i].on_missing == MLG_ON_MISSING_DROP && strcmp(c->requests[i].name, name) == 0)
            return true;
    return false;
}

/* The first few columns that drop rows, each once, though it may be asked for as a code and as a number. */
static void list_droppers(struct column_plan *c)
{
    for (size_t i = 0; i < c->count && c->dropper_count < MLG_SCAN_DROPPERS; i++) {
        bool is_new = c->requests[i].on_missing == MLG_ON_MISSING_DROP;
        for (size_t d = 0; d < c->dropper_count; d++)
            is_new = is_new && strcmp(c->requests[c->droppers[d]].name, c->requests[i].name) != 0;
        if (is_new)
            c->droppers[c->dropper_count++] = (int)i;
    }
}

static int plan_columns(const struct mlg_plan *plan, struct column_plan *c, struct mlg_error *error)
{
    const size_t slice_columns = plan->slicing_count * MLG_CROSS_COLUMNS;
    size_t observed = 0;
    for (size_t o = 0; o < plan->observer_count; o++)
        observed += plan->observers[o]->column_count;
    const size_t most = 9 + plan->score_count + slice_columns + observed;
    *c = (struct column_plan){.plan = plan,
                              .label = -1,
                              .prediction = -1,
                              .label_number = -1,
                              .prediction_number = -1,
                              .weight = -1,
                              .cluster = -1,
                              .query = -1,
                              .id = -1,
                              .weighted = plan->data->weight != NULL,
                              .keeps = plan->keep != 0,
                              .dictionary_count = FIRST_SLICE_DICTIONARY};
    c->requests = MLG_NEW_ARRAY(plan->arena, struct mlg_column_request, most);
    c->limits = MLG_NEW_ARRAY(plan->arena, size_t, FIRST_SLICE_DICTIONARY + slice_columns);
    c->slice_columns = MLG_NEW_ARRAY(plan->arena, const char *, FIRST_SLICE_DICTIONARY + slice_columns);
    c->scores = MLG_NEW_ARRAY(plan->arena, int, plan->score_count + 1);
    c->slicings = mlg_arena_alloc(plan->arena, plan->slicing_count, sizeof *c->slicings);
    c->observed = MLG_NEW_ARRAY(plan->arena, int, observed + 1);
    if (!c->requests || !c->limits || !c->slice_columns || !c->scores || !c->slicings || !c->observed)
        return mlg_scan_no_memory(error, plan->data);
    c->limits[CLUSTER_DICTIONARY] = c->limits[QUERY_DICTIONARY] = c->limits[ID_DICTIONARY] =
        MLG_SCAN_KEPT_VALUES;
    ask_roles(c);
    list_droppers(c);
    return 0;
}

/* ---- kept rows ----------------------------------------------------------------------------------- */

/* One column of kept rows while they come in. An array that doubles: what is not written yet takes no memory,
 * and large ones move by their pages. */
enum { STORE_ROWS = 16384 };
struct store {
    size_t item; /* bytes; 0: not kept */
    char *items;
    size_t count, capacity;
};

static bool store_append(struct store *store, const void *items, size_t count)
{
    if (store->capacity - store->count < count) {
        size_t capacity = store->capacity ? store->capacity : STORE_ROWS;
        while (capacity - store->count < count)
            capacity *= 2;
        char *grown = realloc(store->items, capacity * store->item);
        if (!grown)
            return false;
        store->items = grown;
        store->capacity = capacity;
    }
    memcpy(store->items + store->count * store->item, items, count * store->item);
    store->count += count;
    return true;
}

/* Gives the memory back; how many there were is still known. */
static void store_free(struct store *store)
{
    free(store->items);
    store->items = NULL;
    store->capacity = 0;
}

/* The columns of kept rows; scores and slicings' groups follow the fixed ones. */
enum kept_column {
    KEPT_LABEL,
    KEPT_PREDICTION,
    KEPT_LABEL_NUMBER,
    KEPT_PREDICTION_NUMBER,
    KEPT_WEIGHT,
    KEPT_CLUSTER,
    KEPT_QUERY,
    KEPT_ID,
    KEPT_SCORES
};

/* ---- workers ------------------------------------------------------------------------------------- */

struct job {
    const struct mlg_plan *plan;
    struct column_plan columns;
    enum mlg_prediction_source source;
    int complete; /* a slicing that every row is in exactly one slice of, or -1: all rows are its sum */
};

struct worker {
    const struct job *job;
    struct mlg_dictionary **dictionaries;
    bool started;
    uint64_t rows;
    bool any_weight;
    struct mlg_accumulator accumulator;
    struct mlg_local_slicing *slicings;
    struct mlg_code_fact *facts;
    size_t fact_count, fact_capacity;
    size_t misfits;  /* codes that must not occur */
    size_t infinite; /* codes that are infinite, with places that are not known yet */
    struct store *stores;
    struct mlg_range *score_ranges, label_range, prediction_range;
    /* Buffers of a batch. */
    uint16_t *label, *prediction, *score_of_label;
    uint32_t *groups;
    uint8_t *positive;
    double *linked;
    const double **written; /* the scores before the link */
    const double **scores;
    const uint32_t **group_arrays;
    size_t *group_counts;
    const struct mlg_text **cells; /* as column_plan.observed */
    uint64_t *positions;
    void **observed; /* per observer: what it made for this worker */
    /* What the end needs. */
    struct mlg_codes codes;
    uint32_t **group_maps;
};

static size_t store_count(const struct mlg_plan *plan)
{
    return KEPT_SCORES + plan->score_count + plan->slicing_count;
}

static bool start_observers(struct worker *w)
{
    const struct mlg_plan *plan = w->job->plan;
    if (plan->observer_count == 0)
        return true;
    w->cells = calloc(w->job->columns.observed_count + 1, sizeof *w->cells);
    w->positions = calloc(MLG_BATCH_ROWS, sizeof *w->positions);
    w->observed = calloc(plan->observer_count, sizeof *w->observed);
    bool memory = w->cells && w->positions && w->observed;
    for (size_t o = 0; memory && o < plan->observer_count; o++)
        memory = (w->observed[o] = plan->observers[o]->begin(plan->observers[o]->context)) != NULL;
    return memory;
}

static bool start_worker(struct worker *w)
{
    const struct job *job = w->job;
    const struct mlg_plan *plan = job->plan;
    const size_t n = MLG_BATCH_ROWS, slicings = plan->slicing_count, scores = plan->score_count;
    w->started = true;
    if (mlg_accumulator_init(&w->accumulator, plan, slicings, job->columns.weighted, plan->tally))
        return false;
    w->slicings = calloc(slicings, sizeof *w->slicings);
    w->stores = calloc(store_count(plan), sizeof *w->stores);
    w->score_ranges = calloc(scores + 1, sizeof *w->score_ranges);
    w->label = calloc(n, sizeof *w->label);
    w->prediction = calloc(n, sizeof *w->prediction);
    w->score_of_label = calloc(n, sizeof *w->score_of_label);
    w->positive = calloc(n, sizeof *w->positive);
    w->groups = calloc(n * slicings, sizeof *w->groups);
    w->linked = calloc(n * (scores + 1), sizeof *w->linked);
    w->written = calloc(scores + 1, sizeof *w->written);
    w->scores = calloc(scores + 1, sizeof *w->scores);
    w->group_arrays = calloc(slicings, sizeof *w->group_arrays);
    w->group_counts = calloc(slicings, sizeof *w->group_counts);
    if (!w->slicings || !w->stores || !w->score_ranges || !w->label || !w->prediction || !w->score_of_label ||
        !w->positive || !w->groups || !w->linked || !w->written || !w->scores || !w->group_arrays ||
        !w->group_counts)
        return false;
    const bool classes = job->columns.label >= 0 || job->source != MLG_PREDICTION_NONE;
    for (size_t s = 0; s < slicings; s++) {
        struct mlg_slicing_sums *sums = w->accumulator.slicings + s;
        const bool derived = s == 0 && job->complete >= 0;
        sums->counts_cells =
            classes && (plan->tally || (s == 0 && job->complete < 0) || (int)s == job->complete) && !derived;
        sums->counts_rows = !sums->counts_cells && !derived;
        sums->has_moments = !derived;
        if (s == 0)
            continue;
        w->slicings[s].slicing = plan->slicings[s];
        for (size_t i = 0; i < plan->slicings[s]->column_count; i++) {
            w->slicings[s].requests[i] = job->columns.slicings[s][i];
            w->slicings[s].dictionaries[i] = job->columns.requests[job->columns.slicings[s][i]].dictionary;
            w->slicings[s].is_role[i] = drops_rows(&job->columns, plan->slicings[s]->columns[i]);
        }
    }
    const unsigned keep = plan->keep;
    static const size_t class = sizeof(uint16_t), code = sizeof(uint32_t), number = sizeof(double);
    if (keep) {
        w->stores[KEPT_LABEL].item = keep & MLG_KEEP_LABEL ? class : 0;
        w->stores[KEPT_PREDICTION].item = keep & MLG_KEEP_PREDICTION ? class : 0;
        w->stores[KEPT_LABEL_NUMBER].item = keep & MLG_KEEP_LABEL_NUMBER ? number : 0;
        w->stores[KEPT_PREDICTION_NUMBER].item = keep & MLG_KEEP_PREDICTION_NUMBER ? number : 0;
        w->stores[KEPT_WEIGHT].item = job->columns.weighted ? number : 0;
        w->stores[KEPT_CLUSTER].item = job->columns.cluster >= 0 ? code : 0;
        w->stores[KEPT_QUERY].item = keep & MLG_KEEP_QUERY ? code : 0;
        w->stores[KEPT_ID].item = keep & MLG_KEEP_ID ? code : 0;
        for (size_t i = 0; i < scores; i++)
            w->stores[KEPT_SCORES + i].item = keep & MLG_KEEP_SCORES ? number : 0;
        for (size_t s = 1; s < slicings; s++)
            w->stores[KEPT_SCORES + scores + s].item = code;
    }
    const struct mlg_range nothing = {INFINITY, -INFINITY};
    w->label_range = w->prediction_range = nothing;
    for (size_t i = 0; i < scores; i++)
        w->score_ranges[i] = nothing;
    return start_observers(w);
}

static void free_worker(struct worker *w)
{
    const struct mlg_plan *plan = w->job->plan;
    if (w->started)
        mlg_accumulator_free(&w->accumulator);
    for (size_t s = 1; w->slicings && s < plan->slicing_count; s++)
        mlg_slicing_free(w->slicings + s);
    for (size_t i = 0; w->stores && i < store_count(plan); i++)
        store_free(w->stores + i);
    for (size_t s = 0; w->group_maps && s < plan->slicing_count; s++)
        free(w->group_maps[s]);
    for (size_t d = 0; w->dictionaries && d < w->job->columns.dictionary_count; d++)
        mlg_dictionary_free(w->dictionaries[d]);
    for (size_t o = 0; w->observed && o < plan->observer_count; o++)
        if (w->observed[o])
            plan->observers[o]->release(w->observed[o]);
    free(w->cells);
    free(w->positions);
    free(w->observed);
    free(w->group_maps);
    free(w->codes.label_classes);
    free(w->codes.prediction_classes);
    free((void *)(uintptr_t)w->codes.label_rows);
    free((void *)(uintptr_t)w->codes.prediction_rows);
    free(w->dictionaries);
    free(w->slicings);
    free(w->stores);
    free(w->facts);
    free(w->score_ranges);
    free(w->label);
    free(w->prediction);
    free(w->score_of_label);
    free(w->positive);
    free(w->groups);
    free(w->linked);
    free(w->written);
    free(w->scores);
    free(w->group_arrays);
    free(w->group_counts);
}

/* ---- a batch becomes rows ------------------------------------------------------------------------ */

static void widen_range(struct mlg_range *range, const double *numbers, size_t count)
{
    /* Four chains, since each comparison waits for the one before it. */
    enum { CHAINS = 4 };
    double minimum[CHAINS], maximum[CHAINS];
    for (size_t c = 0; c < CHAINS; c++) {
        minimum[c] = range->minimum;
        maximum[c] = range->maximum;
    }
    for (size_t i = 0; i < count; i++) {
        const size_t c = i % CHAINS;
        minimum[c] = numbers[i] < minimum[c] ? numbers[i] : minimum[c];
        maximum[c] = numbers[i] > maximum[c] ? numbers[i] : maximum[c];
    }
    for (size_t c = 0; c < CHAINS; c++) {
        range->minimum = minimum[c] < range->minimum ? minimum[c] : range->minimum;
        range->maximum = maximum[c] > range->maximum ? maximum[c] : range->maximum;
    }
}

static int no_memory(const struct worker *w, struct mlg_error *error)
{
    return mlg_scan_no_memory(error, w->job->plan->data);
}

/* Facts about values met for the first time. */
static int learn_codes(struct worker *w, struct mlg_error *error)
{
    const struct mlg_plan *plan = w->job->plan;
    const struct mlg_dictionary *dictionary = w->dictionaries[CLASS_DICTIONARY];
    const size_t count = mlg_dictionary_count(dictionary);
    if (count <= w->fact_count)
        return 0;
    if (count > MLG_SCAN_CLASSES)
        return mlg_classes_too_many(plan, error);
    if (count > w->fact_capacity) {
        const size_t capacity = count < 16 ? 16 : 2 * count;
        struct mlg_code_fact *grown = realloc(w->facts, capacity * sizeof *grown);
        if (!grown)
            return no_memory(w, error);
        w->facts = grown;
        w->fact_capacity = capacity;
    }
    for (; w->fact_count < count; w->fact_count++) {
        size_t size;
        const char *text = mlg_dictionary_text(dictionary, (uint32_t)w->fact_count, &size);
        w->facts[w->fact_count] = mlg_code_fact_of(plan, text, size);
        w->infinite += w->facts[w->fact_count].infinite;
        w->misfits += !w->facts[w->fact_count].listed ||
                      (plan->score_classes && w->facts[w->fact_count].score == MLG_NONE);
    }
    return 0;
}

/* A label or prediction that is none of the listed ones, a label without a score column. */
static int check_misfits(const struct worker *w, const struct mlg_batch *batch, size_t first,
                         const struct mlg_rows *rows, struct mlg_error *error)
{
    const struct mlg_plan *plan = w->job->plan;
    const struct mlg_data *data = plan->data;
    const bool by_column = w->job->source == MLG_PREDICTION_COLUMN;
    for (size_t i = 0; i < rows->count; i++) {
        for (int side = 0; side < 2; side++) {
            const uint16_t *codes = side == 0 ? rows->label : by_column ? rows->prediction : NULL;
            if (!codes)
                continue;
            const struct mlg_code_fact *fact = w->facts + codes[i];
            const char *text = mlg_dictionary_text(w->dictionaries[CLASS_DICTIONARY], codes[i], NULL);
            const char *role = side == 0 ? "label" : "prediction";
            if (!fact->listed)
                return mlg_error_at(
                    error, MLG_DATA, mlg_batch_place(batch, first + i),
                    "%s '%s' in column '%s' is not among the labels of '%s'; they start with '%s'", role,
                    text, side == 0 ? data->label : data->prediction, data->name, data->labels.items[0]);
            if (plan->score_classes && w->job->columns.scores && fact->score == MLG_NONE)
                return mlg_error_at(
                    error, MLG_DATA, mlg_batch_place(batch, first + i),
                    "%s '%s' has no score column; the %zu score columns of '%s' start with '%s' "
                    "for '%s'",
                    role, text, plan->score_count, data->name, plan->score_columns[0],
                    plan->score_classes[0]);
        }
    }
    return 0;
}

/* Where an infinite label or prediction first stands, which only the end knows to be an error or not. */
static void find_infinite(struct worker *w, const struct mlg_batch *batch, size_t first,
                          const struct mlg_rows *rows)
{
    for (size_t i = 0; i < rows->count && w->infinite > 0; i++)
        for (int side = 0; side < 2; side++) {
            const uint16_t *codes = side == 0 ? rows->label : rows->prediction;
            struct mlg_code_fact *fact = codes ? w->facts + codes[i] : NULL;
            if (!fact || !fact->infinite || fact->place.file)
                continue;
            fact->place = mlg_batch_place(batch, first + i);
            fact->stands_as_label = side == 0;
            w->infinite--;
        }
}

static void apply_logit(const double *x, size_t count, double *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = 1 / (1 + exp(-x[i]));
}

static void apply_softmax(const double *const *x, size_t columns, size_t count, double *out)
{
    for (size_t i = 0; i < count; i++) {
        double highest = x[0][i], sum = 0;
        for (size_t k = 1; k < columns; k++)
            highest = x[k][i] > highest ? x[k][i] : highest;
        for (size_t k = 0; k < columns; k++)
            sum += out[k * MLG_BATCH_ROWS + i] = exp(x[k][i] - highest);
        for (size_t k = 0; k < columns; k++)
            out[k * MLG_BATCH_ROWS + i] /= sum;
    }
}

/* 0.5 is the middle of probabilities: where nobody chose it, scores have to be some. */
static bool is_default_threshold(const struct mlg_plan *plan)
{
    const struct mlg_param *row = mlg_params_find(mlg_data_params, "threshold");
    return plan->data->origins && row && plan->data->origins[row - mlg_data_params].type == MLG_BUILT_IN;
}

static int check_probabilities(const struct worker *w, const struct mlg_batch *batch, size_t first,
                               const struct mlg_rows *rows, struct mlg_error *error)
{
    const struct mlg_plan *plan = w->job->plan;
    const bool needed = plan->reads & MLG_READS_PROBABILITY;
    char number[MLG_NUMBER_SIZE];
    for (size_t k = 0; k < rows->score_count; k++) {
        const double *p = rows->scores[k];
        bool bad = false;
        for (size_t i = 0; i < rows->count; i++)
            bad |= !(p[i] >= 0 && p[i] <= 1);
        for (size_t i = 0; bad && i < rows->count; i++) {
            if (p[i] >= 0 && p[i] <= 1)
                continue;
            mlg_number_print(p[i], number);
            /* What the scores are is not known from one of them; from 1 to 100 it may be per cent. */
            return mlg_error_at(error, needed ? MLG_DATA : MLG_CLASSES, mlg_batch_place(batch, first + i),
                                "score %s in column '%s' is not in [0, 1], but %s; %s%s%s makes one of log "
                                "odds%s%s",
                                number, plan->score_columns[k],
                                needed ? "a probability is needed"
                                       : "the threshold 0.5 that predictions come from is a probability",
                                p[i] > 1 && p[i] <= 100 ? "a percentage has to be divided by 100, and " : "",
                                mlg_data_option(plan->data, "link", "logit").text,
                                mlg_data_where(plan->data).text, needed ? "" : ", and other scores need a ",
                                needed ? "" : mlg_data_option(plan->data, "threshold", NULL).text);
        }
    }
    if (rows->score_count < 2)
        return 0;
    for (size_t i = 0; i < rows->count; i++) {
        double sum = 0;
        for (size_t k = 0; k < rows->score_count; k++)
            sum += rows->scores[k][i];
        if (fabs(sum - 1) <= 1e-6)
            continue;
        mlg_number_print(sum, number);
        return mlg_error_at(error, MLG_DATA, mlg_batch_place(batch, first + i),
                            "the %zu probabilities of the row sum to %s instead of 1; %s%s makes "
                            "probabilities of logits",
                            rows->score_count, number, mlg_data_option(plan->data, "link", "softmax").text,
                            mlg_data_where(plan->data).text);
    }
    return 0;
}

static int read_scores(struct worker *w, const struct mlg_batch *batch, size_t first, struct mlg_rows *rows,
                       struct mlg_error *error)
{
    const struct mlg_plan *plan = w->job->plan;
    const size_t n = rows->count, count = plan->score_count;
    for (size_t k = 0; k < count; k++)
        w->written[k] = w->scores[k] = batch->columns[w->job->columns.scores[k]].numbers + first;
    if (plan->data->link == MLG_LINK_SOFTMAX)
        apply_softmax(w->scores, count, n, w->linked);
    for (size_t k = 0; k < count; k++) {
        if (plan->data->link == MLG_LINK_LOGIT)
            apply_logit(w->scores[k], n, w->linked + k * MLG_BATCH_ROWS);
        if (plan->data->link != MLG_LINK_NONE)
            w->scores[k] = w->linked + k * MLG_BATCH_ROWS;
        widen_range(w->score_ranges + k, w->scores[k], n);
    }
    rows->scores = w->scores;
    rows->score_count = count;
    if ((plan->reads & MLG_READS_PROBABILITY) ||
        (w->job->source == MLG_PREDICTION_THRESHOLD && is_default_threshold(plan)))
        return check_probabilities(w, batch, first, rows, error);
    return 0;
}

static void predict(const struct worker *w, struct mlg_rows *rows)
{
    const struct mlg_plan *plan = w->job->plan;
    const double threshold = plan->data->threshold;
    if (w->job->source == MLG_PREDICTION_THRESHOLD) {
        for (size_t i = 0; i < rows->count; i++)
            w->prediction[i] = rows->scores[0][i] >= threshold;
    } else {
        /* The first in class order among equals, as numpy's argmax. */
        for (size_t i = 0; i < rows->count; i++) {
            size_t best = 0;
            for (size_t k = 1; k < rows->score_count; k++)
                if (rows->scores[k][i] > rows->scores[best][i])
                    best = k;
            w->prediction[i] = (uint16_t)best;
        }
    }
    rows->prediction = w->prediction;
}

/* Only the ratios of weights matter. Beyond these limits their products would leave the doubles. */
static int read_weights(struct worker *w, const struct mlg_batch *batch, size_t first, struct mlg_rows *rows,
                        struct mlg_error *error)
{
    static const double least = 1e-50, most = 1e50;
    rows->weight = batch->columns[w->job->columns.weight].numbers + first;
    for (size_t i = 0; i < rows->count; i++) {
        const double weight = rows->weight[i];
        if (weight < 0 || weight > most || (weight < least && weight > 0)) {
            char number[MLG_NUMBER_SIZE];
            mlg_number_print(weight, number);
            return mlg_error_at(error, MLG_DATA, mlg_batch_place(batch, first + i),
                                "weight %s in column '%s' %s", number, w->job->plan->data->weight,
                                weight < 0      ? "is negative; weights are 0 or more"
                                : weight > most ? "is too large; weights are 0, or 1e-50 to 1e50"
                                                : "is too small; weights are 0, or 1e-50 to 1e50");
        }
        w->any_weight |= rows->weight[i] > 0;
    }
    return 0;
}

/* Codes of which learn_codes has seen that there are few. */
static const uint16_t *shorten(const uint32_t *codes, size_t count, uint16_t *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = (uint16_t)codes[i];
    return out;
}

static int read_roles(struct worker *w, const struct mlg_batch *batch, size_t first, struct mlg_rows *rows,
                      struct mlg_error *error)
{
    const struct column_plan *c = &w->job->columns;
    const struct mlg_column *columns = batch->columns;
    int code = 0;
    if (c->label >= 0 || c->prediction >= 0) {
        if ((code = learn_codes(w, error)))
            return code;
        if (c->label >= 0)
            rows->label = shorten(columns[c->label].codes + first, rows->count, w->label);
        if (c->prediction >= 0)
            rows->prediction = shorten(columns[c->prediction].codes + first, rows->count, w->prediction);
        if (w->misfits > 0 && (code = check_misfits(w, batch, first, rows, error)))
            return code;
        if (w->infinite > 0)
            find_infinite(w, batch, first, rows);
    }
    if (rows->label) {
        for (size_t i = 0; i < rows->count; i++)
            w->positive[i] = w->facts[rows->label[i]].positive;
        rows->positive = w->positive;
    }
    if (c->label_number >= 0) {
        rows->label_number = columns[c->label_number].numbers + first;
        widen_range(&w->label_range, rows->label_number, rows->count);
    }
    if (c->scores && (code = read_scores(w, batch, first, rows, error)))
        return code;
    if (rows->label && rows->score_count > 1) {
        for (size_t i = 0; i < rows->count; i++)
            w->score_of_label[i] = (uint16_t)w->facts[rows->label[i]].score;
        rows->score_of_label = w->score_of_label;
    }
    const bool decides =
        w->job->source == MLG_PREDICTION_THRESHOLD || w->job->source == MLG_PREDICTION_HIGHEST;
    const bool predicts_number = w->job->plan->reads & MLG_READS_PREDICTION_NUMBER;
    if ((decides || (predicts_number && c->prediction_number < 0)) && rows->score_count == 0)
        return mlg_error_set(error, MLG_INTERNAL,
                             "predictions of '%s' come from scores that were not planned",
                             w->job->plan->data->name);
    if (decides)
        predict(w, rows);
    if (predicts_number) {
        rows->prediction_number =
            c->prediction_number >= 0 ? columns[c->prediction_number].numbers + first : rows->scores[0];
        widen_range(&w->prediction_range, rows->prediction_number, rows->count);
    }
    if (c->weighted && (code = read_weights(w, batch, first, rows, error)))
        return code;
    rows->cluster = c->cluster >= 0 ? columns[c->cluster].codes + first : NULL;
    rows->query = c->query >= 0 ? columns[c->query].codes + first : NULL;
    rows->id = c->id >= 0 ? columns[c->id].codes + first : NULL;
    return 0;
}

/* Where every value of a column is a slice: what max_slices cannot help with. */
static int check_values(const struct job *job, size_t dictionary, size_t count, struct mlg_error *error)
{
    const char *name = job->columns.slice_columns[dictionary];
    if (job->columns.limits[dictionary] != SLICE_VALUES || count <= MLG_DICTIONARY_VALUES)
        return 0;
    return mlg_error_set(
        error, MLG_LIMIT,
        "column '%s' (slice) of '%s' has more than %d distinct values, a cap that max_slices "
        "does not raise; compare it with a number ('%s < 25'), give it fewer values (the gate "
        "fairness has 'bins'), or leave it out of the slices",
        name, job->plan->data->path, MLG_DICTIONARY_VALUES, name);
}

static int read_groups(struct worker *w, const struct mlg_batch *batch, size_t first, size_t count,
                       struct mlg_error *error)
{
    const struct mlg_plan *plan = w->job->plan;
    const size_t limit = plan->slice_limit ? plan->slice_limit : MLG_PLAN_SLICES;
    size_t met = 0, most = 0, most_met = 0;
    int code = 0;
    for (size_t d = FIRST_SLICE_DICTIONARY; !code && d < w->job->columns.dictionary_count; d++)
        code = check_values(w->job, d, mlg_dictionary_count(w->dictionaries[d]), error);
    if (code)
        return code;
    w->group_counts[0] = w->job->complete >= 0 ? 0 : 2;
    for (size_t s = 1; s < plan->slicing_count; s++) {
        uint32_t *groups = w->groups + s * MLG_BATCH_ROWS;
        w->group_arrays[s] = NULL;
        if (!mlg_slicing_is_known(w->slicings + s, batch))
            continue; /* of dropped rows alone */
        if (!mlg_slicing_groups(w->slicings + s, batch, first, count, groups, w->group_counts + s))
            return no_memory(w, error);
        w->group_arrays[s] = groups;
        const size_t now = mlg_slicing_met(w->slicings + s, w->dictionaries);
        met += now;
        if (now > most_met) {
            most_met = now;
            most = s;
        }
    }
    return met > limit ? mlg_slicing_too_many(plan, plan->slicings[most], error) : 0;
}

static int keep_rows(struct worker *w, const struct mlg_rows *rows, struct mlg_error *error)
{
    const struct mlg_plan *plan = w->job->plan;
    const void *const fixed[KEPT_SCORES] = {
        [KEPT_LABEL] = rows->label,
        [KEPT_PREDICTION] = rows->prediction,
        [KEPT_LABEL_NUMBER] = rows->label_number,
        [KEPT_PREDICTION_NUMBER] = rows->prediction_number,
        [KEPT_WEIGHT] = rows->weight,
        [KEPT_CLUSTER] = rows->cluster,
        [KEPT_QUERY] = rows->query,
        [KEPT_ID] = rows->id,
    };
    for (size_t i = 0; i < store_count(plan); i++) {
        const void *items =
            i < KEPT_SCORES ? fixed[i]
            : i < KEPT_SCORES + plan->score_count
                ? (const void *)(plan->data->link == MLG_LINK_LOGIT ? w->written : w->scores)[i - KEPT_SCORES]
                : w->group_arrays[i - KEPT_SCORES - plan->score_count];
        if (w->stores[i].item == 0)
            continue;
        if (!items)
            return mlg_error_set(error, MLG_INTERNAL, "rows of '%s' are kept that were not read",
                                 plan->data->name);
        if (!store_append(w->stores + i, items, rows->count))
            return no_memory(w, error);
    }
    return 0;
}

static size_t label_codes(const struct worker *w)
{
    return w->job->columns.label >= 0 && w->fact_count > 0 ? w->fact_count : 1;
}

static size_t prediction_codes(const struct worker *w)
{
    switch (w->job->source) {
    case MLG_PREDICTION_NONE:
        return 1;
    case MLG_PREDICTION_THRESHOLD:
        return 2;
    case MLG_PREDICTION_HIGHEST:
        return w->job->plan->score_count;
    case MLG_PREDICTION_COLUMN:
        break;
    }
    return w->fact_count > 0 ? w->fact_count : 1;
}

static int observe(struct worker *w, const struct mlg_batch *batch, size_t first, size_t count,
                   struct mlg_error *error)
{
    const struct mlg_plan *plan = w->job->plan;
    const struct column_plan *c = &w->job->columns;
    int code = 0;
    for (size_t i = 0; i < count; i++)
        w->positions[i] = mlg_batch_position(batch, first + i);
    for (size_t k = 0; k < c->observed_count; k++)
        w->cells[k] = batch->columns[c->observed[k]].texts + first;
    const struct mlg_text **cells = w->cells;
    for (size_t o = 0; !code && o < plan->observer_count; o++) {
        const struct mlg_observed rows = {.rows = count, .cells = cells, .positions = w->positions};
        code = plan->observers[o]->observe(w->observed[o], &rows, error);
        cells += plan->observers[o]->column_count;
    }
    return code;
}

static int take(struct worker *w, const struct mlg_batch *batch, size_t first, size_t count,
                struct mlg_error *error)
{
    const struct mlg_plan *plan = w->job->plan;
    struct mlg_rows rows = {.count = count};
    int code;
    if ((code = read_roles(w, batch, first, &rows, error)) ||
        (code = read_groups(w, batch, first, count, error)) ||
        (code = mlg_accumulator_reserve(&w->accumulator, w->group_counts, label_codes(w), prediction_codes(w),
                                        error)))
        return code;
    size_t bad_row;
    const char *why = NULL;
    mlg_accumulate(&w->accumulator, &rows, w->group_arrays, &bad_row, &why);
    if (bad_row > 0 && !why && label_codes(w) + prediction_codes(w) > MLG_SCAN_FEW_CLASSES)
        return mlg_classes_too_many(plan, error);
    if (bad_row > 0)
        return why ? mlg_error_at(error, MLG_DATA, mlg_batch_place(batch, first + bad_row - 1), "%s", why)
                   : mlg_error_set(
                         error, MLG_LIMIT,
                         "weighted counts of '%s' take more than %d cells, or more memory than there "
                         "is; use fewer slices, or labels with fewer classes",
                         plan->data->name, MLG_SCAN_WEIGHTED_CELLS);
    w->rows += count;
    if (plan->observer_count > 0 && (code = observe(w, batch, first, count, error)))
        return code;
    if (!plan->keep)
        return 0;
    if (w->rows >= MLG_NONE)
        return mlg_error_set(error, MLG_LIMIT,
                             "'%s' has more rows than ranking and paired quantities can keep (%u)",
                             plan->data->name, MLG_NONE);
    return keep_rows(w, &rows, error);
}

/* How many rows slices have lost: none must vanish with the rows that a model does not answer. */
static int count_dropped(struct worker *w, const struct mlg_batch *batch, struct mlg_error *error)
{
    const struct column_plan *c = &w->job->columns;
    int code;
    if ((code = read_groups(w, batch, batch->rows, batch->dropped, error)) ||
        (code = mlg_accumulator_reserve(&w->accumulator, w->group_counts, label_codes(w), prediction_codes(w),
                                        error)))
        return code;
    for (size_t s = 1; s < w->job->plan->slicing_count; s++)
        if (w->group_arrays[s] && !mlg_slicing_drop(w->slicings + s, batch, w->group_arrays[s],
                                                    w->group_counts[s], c->droppers, c->dropper_count))
            return no_memory(w, error);
    return 0;
}

static int sink(void *context, const struct mlg_batch *batch, struct mlg_error *error)
{
    struct worker *w = context;
    if (!w->started && !start_worker(w))
        return no_memory(w, error);
    for (size_t first = 0; first < batch->rows; first += MLG_BATCH_ROWS) {
        const size_t left = batch->rows - first;
        const int code = take(w, batch, first, left < MLG_BATCH_ROWS ? left : MLG_BATCH_ROWS, error);
        if (code)
            return code;
    }
    const bool drops = w->job->plan->data->missing == MLG_MISSING_DROP;
    return batch->dropped > 0 && drops ? count_dropped(w, batch, error) : 0;
}

/* ---- the end ------------------------------------------------------------------------------------- */

/* Everything that the end works on. */
struct ending {
    const struct job *job;
    struct worker *workers; /* those that saw rows, dropped ones included */
    size_t worker_count;
    struct mlg_arena *arena;
    struct mlg_scan_whole *whole;
    struct mlg_accumulator merged;
};

/* Where every label needs its prediction. */
static int tell_unmatched(const struct mlg_data *data, const struct mlg_read_summary *summary,
                          struct mlg_error *error)
{
    const uint64_t labels = summary->labels->rows;
    struct mlg_builder text;
    mlg_builder_init(&text, MLG_ERROR_SIZE);
    mlg_put_count(&text, summary->unmatched);
    mlg_put(&text, " of ");
    mlg_put_count(&text, labels);
    mlg_put_format(&text, " %s of '%s' %s no prediction in '%s'", mlg_plural(labels, "row", "rows"),
                   data->labels_path, mlg_plural(summary->unmatched, "has", "have"), data->path);
    if (summary->unmatched_key)
        mlg_put_format(&text, ", '%s' in column '%s' (join) for one", summary->unmatched_key, data->join);
    mlg_put_format(&text, "; every label needs its prediction; with %s%s such rows are left out, up to %s",
                   mlg_data_option(data, "missing", "drop").text, mlg_data_where(data).text,
                   mlg_data_option(data, "max_missing", NULL).text);
    const int code =
        mlg_error_set(error, MLG_DATA, "%s", text.data ? text.data : "labels have no prediction");
    mlg_builder_free(&text);
    return code;
}

/* "1 of 5 rows of 'a.csv' misses a value and was dropped", and of labels "has no prediction in ...". */
static void put_losses(struct mlg_builder *text, const struct mlg_data *data,
                       const struct mlg_read_summary *summary, uint64_t all)
{
    const uint64_t dropped = summary->dropped, unmatched = summary->unmatched, lost = dropped + unmatched;
    mlg_put_count(text, lost);
    mlg_put(text, " of ");
    mlg_put_count(text, all);
    mlg_put_format(text, " %s of '%s'", mlg_plural(all, "row", "rows"),
                   unmatched > 0 ? data->labels_path : data->path);
    if (unmatched == 0) {
        if (summary->labels)
            mlg_put_format(text, " (joined with '%s')", data->labels_path);
        mlg_put(text, mlg_plural(lost, " misses a value and was dropped", " miss a value and were dropped"));
        return;
    }
    mlg_put(text, " ");
    if (dropped > 0) {
        mlg_put(text, "were dropped: ");
        mlg_put_count(text, dropped);
        mlg_put_format(text, " %s a value, there or in '%s', and ", mlg_plural(dropped, "misses", "miss"),
                       data->path);
        mlg_put_count(text, unmatched);
        mlg_put_format(text, " %s no prediction", mlg_plural(unmatched, "has", "have"));
    } else
        mlg_put_format(text, "%s no prediction in '%s'", mlg_plural(unmatched, "has", "have"), data->path);
    if (summary->unmatched_key)
        mlg_put_format(text, ", '%s' in column '%s' (join) for one", summary->unmatched_key, data->join);
}

/* Rows that miss a value and labels without a prediction are lost alike: a model that leaves out the rows
 * that it finds hard would be judged by the easy ones. */
static int check_losses(const struct ending *e, struct mlg_error *error)
{
    const struct mlg_data *data = e->job->plan->data;
    const struct mlg_read_summary *summary = &e->whole->scan.summary;
    const uint64_t rows = e->whole->scan.rows, lost = summary->dropped + summary->unmatched;
    const bool drops = data->missing == MLG_MISSING_DROP;
    if (rows > 0 && (lost == 0 || (drops && (double)lost / (double)(rows + lost) <= data->max_missing)))
        return 0;
    if (!drops)
        return tell_unmatched(data, summary, error);
    struct mlg_builder text;
    mlg_builder_init(&text, MLG_ERROR_SIZE);
    put_losses(&text, data, summary, rows + lost);
    if (rows == 0)
        mlg_put(&text, ", so that none is left");
    else {
        mlg_put(&text, ", more than max_missing ");
        mlg_put_number(&text, data->max_missing);
        mlg_put(&text, " allows");
    }
    const char *before = "; missing:";
    for (size_t i = 0; summary->missing && i < e->job->columns.count; i++) {
        if (summary->missing[i] == 0 || e->job->columns.requests[i].on_missing == MLG_ON_MISSING_KEEP)
            continue;
        mlg_put_format(&text, "%s %s ", before, e->job->columns.requests[i].name);
        mlg_put_count(&text, summary->missing[i]);
        before = ",";
    }
    const int code = mlg_error_set(error, MLG_DATA, "%s", text.data ? text.data : "rows were dropped");
    mlg_builder_free(&text);
    return code;
}

static int check_rows(const struct ending *e, struct mlg_error *error)
{
    const struct mlg_data *data = e->job->plan->data;
    if (e->whole->scan.rows == 0 && e->whole->scan.summary.dropped == 0)
        return mlg_error_set(error, MLG_DATA, "'%s' has no rows", data->path);
    const int lost = check_losses(e, error);
    if (lost)
        return lost;
    bool any_weight = !e->job->columns.weighted;
    for (size_t i = 0; i < e->worker_count; i++)
        any_weight |= e->workers[i].any_weight;
    if (!any_weight)
        return mlg_error_set(error, MLG_DATA,
                             "all weights in column '%s' of '%s' are 0; at least one row must "
                             "count",
                             data->weight, data->path);
    return 0;
}

/* The slicing whose sums also give those of all rows. */
static size_t whole_slicing(const struct job *job)
{
    return job->complete >= 0 ? (size_t)job->complete : 0;
}

static bool prepare_codes(struct worker *w)
{
    const size_t labels = w->accumulator.labels, predictions = w->accumulator.predictions;
    uint64_t *label_rows = calloc(labels, sizeof *label_rows);
    uint64_t *prediction_rows = calloc(predictions, sizeof *prediction_rows);
    w->codes = (struct mlg_codes){.dictionary = w->dictionaries[CLASS_DICTIONARY],
                                  .facts = w->facts,
                                  .count = w->fact_count,
                                  .label_rows = label_rows,
                                  .prediction_rows = prediction_rows,
                                  .label_classes = calloc(labels, sizeof(uint32_t)),
                                  .prediction_classes = calloc(predictions, sizeof(uint32_t))};
    if (!label_rows || !prediction_rows || !w->codes.label_classes || !w->codes.prediction_classes)
        return false;
    mlg_accumulator_margins(&w->accumulator, whole_slicing(w->job), label_rows, prediction_rows);
    return true;
}

static int end_classes(struct ending *e, struct mlg_error *error)
{
    const struct job *job = e->job;
    if (job->columns.label < 0 && job->source == MLG_PREDICTION_NONE)
        return 0;
    struct mlg_codes *codes = calloc(e->worker_count + 1, sizeof *codes);
    bool memory = codes != NULL;
    for (size_t i = 0; memory && i < e->worker_count; i++) {
        memory = prepare_codes(e->workers + i);
        codes[i] = e->workers[i].codes;
        if (job->columns.label < 0)
            codes[i].label_classes = NULL;
    }
    const int code = memory
                         ? mlg_classes_make(job->plan, codes, e->worker_count, &e->whole->scan.classes, error)
                         : mlg_scan_no_memory(error, job->plan->data);
    free(codes);
    return code;
}

/* Adds all texts of one dictionary to another; `map` tells what their codes become, or is NULL. False: no
 * memory. */
static bool add_texts(struct mlg_dictionary *into, const struct mlg_dictionary *from, uint32_t *map)
{
    const size_t count = mlg_dictionary_count(from);
    for (uint32_t code = 0; code < count; code++) {
        size_t size;
        const char *text = mlg_dictionary_text(from, code, &size);
        const uint32_t added = mlg_dictionary_code(into, text, size);
        if (added == MLG_NO_CODE)
            return false;
        if (map)
            map[code] = added;
    }
    return true;
}

/* Workers may have met too many values together. */
static int end_values(struct ending *e, struct mlg_error *error)
{
    const struct column_plan *columns = &e->job->columns;
    for (size_t d = FIRST_SLICE_DICTIONARY; d < columns->dictionary_count; d++) {
        size_t count = 0;
        for (size_t i = 0; i < e->worker_count; i++)
            count += mlg_dictionary_count(e->workers[i].dictionaries[d]);
        if (count <= MLG_DICTIONARY_VALUES) /* all different, at most */
            continue;
        struct mlg_dictionary *all = mlg_dictionary_new(count);
        bool memory = all != NULL;
        for (size_t i = 0; memory && i < e->worker_count; i++)
            memory = add_texts(all, e->workers[i].dictionaries[d], NULL);
        count = memory ? mlg_dictionary_count(all) : 0;
        mlg_dictionary_free(all);
        const int code =
            memory ? check_values(e->job, d, count, error) : mlg_scan_no_memory(error, e->job->plan->data);
        if (code)
            return code;
    }
    return 0;
}

static bool name_droppers(struct ending *e)
{
    const struct column_plan *columns = &e->job->columns;
    struct mlg_scan *scan = &e->whole->scan;
    scan->droppers = MLG_NEW_ARRAY(e->arena, const char *, columns->dropper_count + 1);
    if (!scan->droppers)
        return false;
    for (; scan->dropper_count < columns->dropper_count; scan->dropper_count++)
        scan->droppers[scan->dropper_count] = columns->requests[columns->droppers[scan->dropper_count]].name;
    return true;
}

static int end_slices(struct ending *e, struct mlg_error *error)
{
    const struct mlg_plan *plan = e->job->plan;
    struct mlg_scan *scan = &e->whole->scan;
    const size_t limit = plan->slice_limit ? plan->slice_limit : MLG_PLAN_SLICES;
    size_t total = 0, most = 0;
    scan->slicing_count = plan->slicing_count;
    scan->slicings = MLG_NEW_ARRAY(e->arena, struct mlg_slices, plan->slicing_count);
    struct mlg_slice *all = MLG_NEW(e->arena, struct mlg_slice);
    struct mlg_slicing_source *sources = calloc(e->worker_count + 1, sizeof *sources);
    int code =
        scan->slicings && all && sources && name_droppers(e) ? 0 : mlg_scan_no_memory(error, plan->data);
    if (!code) {
        all->rows = scan->rows;
        scan->slicings[0] = (struct mlg_slices){.items = all, .count = 1};
    }
    for (size_t i = 0; !code && i < e->worker_count; i++)
        if (!(e->workers[i].group_maps = calloc(plan->slicing_count, sizeof(uint32_t *))))
            code = mlg_scan_no_memory(error, plan->data);
    for (size_t s = 1; !code && s < plan->slicing_count; s++) {
        for (size_t i = 0; !code && i < e->worker_count; i++) {
            struct worker *w = e->workers + i;
            w->group_maps[s] = calloc(w->accumulator.slicings[s].groups, sizeof(uint32_t));
            if (!w->group_maps[s])
                code = mlg_scan_no_memory(error, plan->data);
            sources[i] = (struct mlg_slicing_source){.local = w->slicings + s,
                                                     .dictionaries = w->dictionaries,
                                                     .accumulator = &w->accumulator,
                                                     .map = w->group_maps[s]};
        }
        if (!code)
            code = mlg_slices_make(plan, s, sources, e->worker_count, e->job->columns.dropper_count,
                                   scan->slicings + s, error);
        if (code)
            break;
        total += scan->slicings[s].count;
        if (scan->slicings[s].count > scan->slicings[most].count || most == 0)
            most = s;
    }
    free(sources);
    if (!code && total > limit)
        code = mlg_slicing_too_many(plan, plan->slicings[most], error);
    return code;
}

static int end_sums(struct ending *e, struct mlg_error *error)
{
    const struct job *job = e->job;
    const struct mlg_plan *plan = job->plan;
    const struct mlg_scan *scan = &e->whole->scan;
    size_t *groups = MLG_NEW_ARRAY(e->arena, size_t, plan->slicing_count);
    if (!groups ||
        mlg_accumulator_init(&e->merged, plan, plan->slicing_count, job->columns.weighted, plan->tally))
        return mlg_scan_no_memory(error, plan->data);
    const size_t classes = scan->classes.count > 0 ? scan->classes.count : 1;
    for (size_t s = 0; s < plan->slicing_count; s++) {
        groups[s] = scan->slicings[s].count + 1;
        e->merged.slicings[s].counts_cells = plan->tally && scan->classes.count > 0;
        e->merged.slicings[s].has_moments = true;
    }
    int code = mlg_accumulator_reserve(&e->merged, groups, classes, classes, error);
    for (size_t i = 0; !code && i < e->worker_count; i++) {
        const struct worker *w = e->workers + i;
        for (size_t s = 0; !code && s < plan->slicing_count; s++)
            code = mlg_accumulator_merge(&e->merged, s, &w->accumulator, s == 0 ? whole_slicing(job) : s,
                                         s == 0 ? NULL : w->group_maps[s], w->codes.label_classes,
                                         w->codes.prediction_classes, error);
    }
    return code ? code : mlg_scan_outcome(e->whole, &e->merged, e->arena, error);
}

static int end_ranges(struct ending *e, struct mlg_error *error)
{
    const struct mlg_plan *plan = e->job->plan;
    struct mlg_scan *scan = &e->whole->scan;
    const struct mlg_range nothing = {INFINITY, -INFINITY};
    scan->score_count = plan->score_count;
    scan->label_range = scan->prediction_range = nothing;
    scan->score_ranges = MLG_NEW_ARRAY(e->arena, struct mlg_range, plan->score_count + 1);
    if (!scan->score_ranges)
        return mlg_scan_no_memory(error, plan->data);
    for (size_t k = 0; k < plan->score_count; k++)
        scan->score_ranges[k] = nothing;
    for (size_t i = 0; i < e->worker_count; i++) {
        const struct worker *w = e->workers + i;
        const struct {
            struct mlg_range *into;
            const struct mlg_range *from;
        } fixed[] = {{&scan->label_range, &w->label_range}, {&scan->prediction_range, &w->prediction_range}};
        for (size_t k = 0; k < plan->score_count + 2; k++) {
            struct mlg_range *into = k < 2 ? fixed[k].into : scan->score_ranges + k - 2;
            const struct mlg_range *from = k < 2 ? fixed[k].from : w->score_ranges + k - 2;
            into->minimum = from->minimum < into->minimum ? from->minimum : into->minimum;
            into->maximum = from->maximum > into->maximum ? from->maximum : into->maximum;
        }
    }
    return 0;
}

/* ---- kept rows at the end ------------------------------------------------------------------------ */

/* All workers' items of a column, one after the other, in the arena. */
static void *gather(struct ending *e, size_t column)
{
    const size_t item = e->workers[0].stores[column].item;
    char *all = mlg_arena_alloc(e->arena, (size_t)e->whole->scan.rows, item);
    char *to = all;
    for (size_t i = 0; all && i < e->worker_count; i++) {
        struct store *store = e->workers[i].stores + column;
        if (store->count > 0)
            memcpy(to, store->items, store->count * item);
        to += store->count * item;
        store_free(store);
    }
    return all;
}

/* Codes of workers, gathered and mapped; maps[i] is worker i's. */
static uint32_t *gather_codes(struct ending *e, size_t column, const uint32_t *const *maps)
{
    uint32_t *codes = gather(e, column), *at = codes;
    for (size_t i = 0; codes && i < e->worker_count; i++) {
        const size_t count = e->workers[i].stores[column].count;
        if (maps[i])
            for (size_t r = 0; r < count; r++)
                at[r] = maps[i][at[r]];
        at += count;
    }
    return codes;
}

/* The same of classes. */
static uint16_t *gather_classes(struct ending *e, size_t column, const uint32_t *const *maps)
{
    uint16_t *classes = gather(e, column), *at = classes;
    for (size_t i = 0; classes && i < e->worker_count; i++) {
        const size_t count = e->workers[i].stores[column].count;
        for (size_t r = 0; maps[i] && r < count; r++)
            at[r] = (uint16_t)maps[i][at[r]];
        at += count;
    }
    return classes;
}

/* Codes of texts: the dictionaries of the other workers are added to the first one's. */
static uint32_t *gather_texts(struct ending *e, size_t column, size_t dictionary, const uint32_t **maps)
{
    struct mlg_dictionary *into = e->workers[0].dictionaries[dictionary];
    bool memory = true;
    maps[0] = NULL; /* its codes stay */
    size_t made = 1;
    for (size_t i = 1; memory && i < e->worker_count; i++) {
        const struct mlg_dictionary *from = e->workers[i].dictionaries[dictionary];
        uint32_t *map = calloc(mlg_dictionary_count(from) + 1, sizeof *map);
        memory = map && add_texts(into, from, map);
        maps[made++] = map;
    }
    uint32_t *codes = memory ? gather_codes(e, column, maps) : NULL;
    for (size_t i = 1; i < made; i++)
        free((void *)(uintptr_t)maps[i]);
    return codes;
}

/* Distinct codes among the rows: dictionaries may hold values of dropped rows. */
static size_t count_distinct(const uint32_t *codes, size_t count, size_t limit, bool *memory)
{
    uint8_t *seen = calloc(limit + 1, 1);
    size_t distinct = 0;
    *memory = *memory && seen;
    for (size_t i = 0; seen && i < count; i++) {
        distinct += !seen[codes[i]];
        seen[codes[i]] = 1;
    }
    free(seen);
    return distinct;
}

/* What was kept are the scores as written: beside them the probabilities that the link makes of them. */
static bool link_kept(struct ending *e, struct mlg_rows *kept)
{
    const size_t count = e->job->plan->score_count, rows = (size_t)e->whole->scan.rows;
    const double **scores = MLG_NEW_ARRAY(e->arena, const double *, count);
    for (size_t k = 0; scores && k < count; k++) {
        double *linked = mlg_arena_alloc(e->arena, rows, sizeof *linked);
        if (!linked || !kept->ranks[k])
            return false;
        apply_logit(kept->ranks[k], rows, linked);
        scores[k] = linked;
    }
    kept->scores = scores;
    return scores != NULL;
}

/* Row lists of every slice by counting sort. */
static bool list_rows(struct ending *e)
{
    const struct mlg_plan *plan = e->job->plan;
    struct mlg_scan_whole *whole = e->whole;
    whole->row_lists = MLG_NEW_ARRAY(e->arena, uint32_t *, plan->slicing_count);
    whole->row_starts = MLG_NEW_ARRAY(e->arena, size_t *, plan->slicing_count);
    if (!whole->row_lists || !whole->row_starts)
        return false;
    for (size_t s = 1; s < plan->slicing_count; s++) {
        const struct mlg_slices *slices = whole->scan.slicings + s;
        const size_t column = KEPT_SCORES + plan->score_count + s;
        size_t *starts = MLG_NEW_ARRAY(e->arena, size_t, slices->count + 1);
        size_t *next = calloc(slices->count + 1, sizeof *next), total = 0;
        for (size_t k = 0; starts && next && k < slices->count; k++) {
            starts[k] = next[k] = total;
            total += (size_t)slices->items[k].rows;
        }
        uint32_t *list = MLG_NEW_ARRAY(e->arena, uint32_t, total + 1);
        if (!starts || !next || !list) {
            free(next);
            return false;
        }
        starts[slices->count] = total;
        size_t row = 0;
        for (size_t i = 0; i < e->worker_count; i++) {
            struct store *store = e->workers[i].stores + column;
            const uint32_t *map = e->workers[i].group_maps[s];
            const uint32_t *groups = (const uint32_t *)(void *)store->items;
            for (size_t r = 0; r < store->count; r++, row++)
                if (map[groups[r]] > 0)
                    list[next[map[groups[r]] - 1]++] = (uint32_t)row;
            store_free(store);
        }
        whole->row_lists[s] = list;
        whole->row_starts[s] = starts;
        free(next);
    }
    return true;
}

static bool keep_at_end(struct ending *e, const uint32_t **maps)
{
    const struct mlg_plan *plan = e->job->plan;
    struct mlg_scan *scan = &e->whole->scan;
    struct mlg_rows *kept = &scan->kept;
    const struct store *stores = e->workers[0].stores;
    const size_t rows = (size_t)scan->rows;
    bool memory = true;
    kept->count = rows;
    if (stores[KEPT_LABEL].item) {
        for (size_t i = 0; i < e->worker_count; i++)
            maps[i] = e->workers[i].codes.label_classes;
        uint16_t *labels = gather_classes(e, KEPT_LABEL, maps);
        uint8_t *positive = MLG_NEW_ARRAY(e->arena, uint8_t, rows);
        if (!labels || !positive)
            return false;
        for (size_t i = 0; i < rows; i++)
            positive[i] = labels[i] == scan->classes.positive;
        kept->label = labels;
        kept->positive = positive;
    }
    if (stores[KEPT_PREDICTION].item) {
        for (size_t i = 0; i < e->worker_count; i++)
            maps[i] = e->workers[i].codes.prediction_classes;
        memory = memory && (kept->prediction = gather_classes(e, KEPT_PREDICTION, maps));
    }
    if (stores[KEPT_LABEL_NUMBER].item)
        memory = memory && (kept->label_number = gather(e, KEPT_LABEL_NUMBER));
    if (stores[KEPT_PREDICTION_NUMBER].item)
        memory = memory && (kept->prediction_number = gather(e, KEPT_PREDICTION_NUMBER));
    if (stores[KEPT_WEIGHT].item)
        memory = memory && (kept->weight = gather(e, KEPT_WEIGHT));
    if (plan->score_count > 0 && stores[KEPT_SCORES].item) {
        const double **scores = MLG_NEW_ARRAY(e->arena, const double *, plan->score_count);
        if (!scores)
            return false;
        for (size_t k = 0; k < plan->score_count; k++)
            memory = memory && (scores[k] = gather(e, KEPT_SCORES + k));
        kept->scores = kept->ranks = scores;
        memory = memory && (plan->data->link != MLG_LINK_LOGIT || link_kept(e, kept));
        kept->score_count = plan->score_count;
        /* Score columns stand in class order, one per class. */
        kept->score_of_label = plan->score_count > 1 ? kept->label : NULL;
    }
    if (stores[KEPT_CLUSTER].item) {
        memory = memory && (kept->cluster = gather_texts(e, KEPT_CLUSTER, CLUSTER_DICTIONARY, maps));
        if (memory)
            scan->cluster_count =
                count_distinct(kept->cluster, rows,
                               mlg_dictionary_count(e->workers[0].dictionaries[CLUSTER_DICTIONARY]), &memory);
    }
    if (stores[KEPT_QUERY].item)
        memory = memory && (kept->query = gather_texts(e, KEPT_QUERY, QUERY_DICTIONARY, maps));
    if (stores[KEPT_ID].item) {
        memory = memory && (kept->id = gather_texts(e, KEPT_ID, ID_DICTIONARY, maps));
        e->whole->ids = e->workers[0].dictionaries[ID_DICTIONARY];
        e->workers[0].dictionaries[ID_DICTIONARY] = NULL; /* now the scan's: mlg_scan_free */
        scan->ids = e->whole->ids;
    }
    return memory && list_rows(e);
}

static int end_kept(struct ending *e, struct mlg_error *error)
{
    const struct mlg_plan *plan = e->job->plan;
    if (!plan->keep)
        return 0;
    if (e->whole->scan.rows >= MLG_NONE)
        return mlg_error_set(error, MLG_LIMIT,
                             "'%s' has more rows than ranking and paired quantities can keep (%u)",
                             plan->data->name, MLG_NONE);
    const uint32_t **maps = calloc(e->worker_count + 1, sizeof *maps);
    const bool memory = maps && keep_at_end(e, maps);
    free((void *)maps);
    return memory ? 0 : mlg_scan_no_memory(error, plan->data);
}

/* ---- observers at the end ------------------------------------------------------------------------ */

/* Kept rows stand in the order of the workers, too. */
static int end_observers(const struct ending *e, struct mlg_error *error)
{
    const struct mlg_plan *plan = e->job->plan;
    void **observed = calloc(e->worker_count + 1, sizeof *observed);
    int code = observed ? 0 : mlg_scan_no_memory(error, plan->data);
    for (size_t o = 0; !code && o < plan->observer_count; o++) {
        size_t count = 0;
        for (size_t i = 0; i < e->worker_count; i++)
            if (e->workers[i].rows > 0)
                observed[count++] = e->workers[i].observed[o];
        code = plan->observers[o]->end(plan->observers[o]->context, observed, count, error);
    }
    free(observed);
    return code;
}

/* ---- the run ------------------------------------------------------------------------------------- */

static bool prepare_workers(const struct job *job, struct worker *workers, unsigned threads, void **contexts,
                            struct mlg_dictionary ***dictionaries)
{
    for (unsigned i = 0; i < threads; i++) {
        struct worker *w = workers + i;
        w->job = job;
        contexts[i] = w;
        w->dictionaries = calloc(job->columns.dictionary_count + 1, sizeof(struct mlg_dictionary *));
        if (!w->dictionaries)
            return false;
        dictionaries[i] = w->dictionaries;
        for (size_t d = 0; d < job->columns.dictionary_count; d++)
            if (!(w->dictionaries[d] = mlg_dictionary_new(job->columns.limits[d])))
                return false;
    }
    return true;
}

static int conclude(struct ending *e, struct mlg_error *error)
{
    int code;
    if ((code = check_rows(e, error)) || (code = end_classes(e, error)) || (code = end_values(e, error)) ||
        (code = end_slices(e, error)) || (code = end_sums(e, error)) || (code = end_ranges(e, error)) ||
        (code = end_kept(e, error)))
        return code;
    return e->job->plan->observer_count > 0 ? end_observers(e, error) : 0;
}

int mlg_scan_run(struct mlg_plan *plan, struct mlg_reader *reader, const struct mlg_world *world,
                 unsigned threads, struct mlg_arena *arena, struct mlg_scan **scan, struct mlg_error *error)
{
    (void)world; /* the reader has its own */
    struct job job = {.plan = plan, .source = mlg_plan_prediction_source(plan), .complete = -1};
    for (size_t s = 1; s < plan->slicing_count && job.complete < 0; s++)
        if (!plan->slicings[s]->is_comparison && plan->slicings[s]->declared_count == 0)
            job.complete = (int)s;
    threads = mlg_threads(threads);
    struct mlg_scan_whole *whole = MLG_NEW(arena, struct mlg_scan_whole);
    struct worker *workers = calloc(threads, sizeof *workers);
    void **contexts = calloc(threads, sizeof *contexts);
    struct mlg_dictionary ***dictionaries = calloc(threads, sizeof *dictionaries);
    struct ending ending = {.job = &job, .workers = workers, .arena = arena, .whole = whole};
    int code = whole && workers && contexts && dictionaries ? plan_columns(plan, &job.columns, error)
                                                            : mlg_scan_no_memory(error, plan->data);
    const bool planned = workers && !code;
    if (!code && !prepare_workers(&job, workers, threads, contexts, dictionaries))
        code = mlg_scan_no_memory(error, plan->data);
    if (!code) {
        whole->plan = plan;
        whole->scan.data = plan->data;
        whole->scan.weighted = job.columns.weighted;
        whole->scan.clustered = plan->data->cluster != NULL;
        code = mlg_reader_read(reader, job.columns.requests, job.columns.count, threads, sink, contexts,
                               (struct mlg_dictionary *const *const *)dictionaries,
                               job.columns.dictionary_count, &whole->scan.summary, error);
    }
    if (!code) {
        /* Workers that saw nothing stand behind those that did, and are of no further interest. */
        for (unsigned i = 0; i < threads; i++) {
            if (!workers[i].started)
                continue;
            const struct worker other = workers[ending.worker_count];
            workers[ending.worker_count++] = workers[i];
            if (ending.worker_count - 1 != i)
                workers[i] = other;
            whole->scan.rows += workers[ending.worker_count - 1].rows;
        }
        code = conclude(&ending, error);
    }
    mlg_accumulator_free(&ending.merged);
    for (unsigned i = 0; planned && i < threads; i++)
        if (workers[i].job)
            free_worker(workers + i);
    free(workers);
    free(contexts);
    free((void *)dictionaries);
    if (code) {
        if (whole)
            mlg_scan_free(&whole->scan);
        return code;
    }
    *scan = &whole->scan;
    return 0;
}

void mlg_scan_free(struct mlg_scan *scan)
{
    struct mlg_scan_whole *whole = (struct mlg_scan_whole *)scan;
    if (!whole)
        return;
    mlg_dictionary_free(whole->ids);
    whole->ids = NULL;
    whole->scan.ids = NULL;
}

/* ---- answers ------------------------------------------------------------------------------------- */

static const struct mlg_scan_whole *whole_of(const struct mlg_scan *scan, size_t slicing, size_t slice)
{
    const bool known = slicing < scan->slicing_count && slice < scan->slicings[slicing].count;
    return known ? (const struct mlg_scan_whole *)scan : NULL;
}

const struct mlg_tally *mlg_scan_tally(const struct mlg_scan *scan, size_t slicing, size_t slice)
{
    const struct mlg_scan_whole *whole = whole_of(scan, slicing, slice);
    return whole && whole->tallies[slicing] ? whole->tallies[slicing] + slice : NULL;
}

const struct mlg_moments *mlg_scan_moments(const struct mlg_scan *scan, size_t slicing, size_t slice,
                                           int index)
{
    const struct mlg_scan_whole *whole = whole_of(scan, slicing, slice);
    if (!whole || index < 0 || (size_t)index >= whole->plan->moments_count || !whole->moments[slicing][index])
        return NULL;
    return whole->moments[slicing][index] + slice;
}

uint64_t mlg_scan_weighing(const struct mlg_scan *scan, size_t slicing, size_t slice)
{
    const struct mlg_scan_whole *whole = whole_of(scan, slicing, slice);
    if (!whole)
        return 0;
    return scan->weighted ? whole->weighing[slicing][slice] : scan->slicings[slicing].items[slice].rows;
}

const double *mlg_scan_numbers(const struct mlg_scan *scan, size_t slicing, size_t slice, int index)
{
    const struct mlg_scan_whole *whole = whole_of(scan, slicing, slice);
    if (!whole || index < 0 || (size_t)index >= whole->plan->moments_count || !whole->numbers[slicing][index])
        return NULL;
    return whole->numbers[slicing][index] + slice * mlg_numbers_of(whole->plan->moments + index);
}

const uint32_t *mlg_scan_rows(const struct mlg_scan *scan, size_t slicing, size_t slice, size_t *count)
{
    const struct mlg_scan_whole *whole = whole_of(scan, slicing, slice);
    if (slicing == 0 || !whole || !whole->row_lists) {
        *count = slicing == 0 ? scan->kept.count : 0;
        return NULL;
    }
    const size_t *starts = whole->row_starts[slicing];
    *count = starts[slice + 1] - starts[slice];
    return whole->row_lists[slicing] + starts[slice];
}
