/* join: labels that stand in a file of their own, as if they stood beside the predictions.
 *
 * The labels' file is read first, whole, as far as its columns are wanted. The predictions' file then comes
 * by in its own order, on one thread, so that the second of two equal keys is the same one every time; the
 * columns of the other file are looked up row by row. Memory: 4 or 8 bytes a cell of the wanted columns of
 * the labels' file, and its keys.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/text.h"
#include "reader.h"

enum { KEYS = 1 << 28 };

struct join {
    struct mlg_reader *predictions, *labels;
    const char *key;
    const bool *is_looked_up; /* per column: it is of the labels' file */
    struct mlg_format format;
};

/* One wanted column of the labels' file: a cell per key, in the order of the keys' codes. */
struct looked_up {
    size_t request;                    /* of the order */
    struct mlg_dictionary *dictionary; /* of its texts, whether codes or texts are wanted; NULL: numbers */
    uint32_t *codes;
    double *numbers;
    size_t capacity;
    uint32_t *known; /* per code of `dictionary`: 1 + the code in the worker's dictionary */
    size_t known_count;
};

struct joining {
    const struct join *join;
    const struct mlg_read_order *order;
    struct mlg_dictionary *keys;
    size_t key_count; /* of the labels' file; codes from here on are keys that it lacks */
    bool *seen;       /* per key: a prediction has it */
    struct looked_up *columns;
    size_t column_count;
    size_t *main_index; /* per request of the order: its place among those of the predictions' file */
    size_t key_request; /* of the predictions' file */
    uint64_t dropped, matched, *missing;
    /* Of a batch. */
    struct mlg_column *out;
    double *cells;                           /* MLG_BATCH_ROWS per request; codes take the room of numbers */
    struct mlg_text *texts;                  /* the same number of texts */
    uint32_t unmatched_keys[MLG_BATCH_ROWS]; /* of labels without a prediction */
    uint32_t row_order[MLG_BATCH_ROWS];      /* how its rows are handed on */
    unsigned char drop[MLG_BATCH_ROWS];
};

static int no_memory(const struct join *join, struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory to join '%s' and '%s'", join->predictions->shown,
                         join->labels->shown);
}

/* ---- the labels' file --------------------------------------------------------------------------------- */

static bool make_room(struct looked_up *column, size_t count)
{
    if (count <= column->capacity)
        return true;
    const size_t capacity = count > 2 * column->capacity ? count + MLG_BATCH_ROWS : 2 * column->capacity;
    if (column->dictionary) {
        uint32_t *codes = realloc(column->codes, capacity * sizeof *codes);
        column->codes = codes ? codes : column->codes;
        if (!codes)
            return false;
    } else {
        double *numbers = realloc(column->numbers, capacity * sizeof *numbers);
        column->numbers = numbers ? numbers : column->numbers;
        if (!numbers)
            return false;
    }
    column->capacity = capacity;
    return true;
}

static int told_twice(const struct join *join, const struct mlg_reader *reader,
                      const struct mlg_dictionary *keys, uint32_t code, struct mlg_place place,
                      struct mlg_error *error)
{
    return mlg_error_at(
        error, MLG_DATA, place,
        "'%s' stands in column '%s' (join) of '%s' twice; rows are matched by it, and it names one",
        mlg_dictionary_text(keys, code, NULL), join->key, reader->shown);
}

static int take_labels(void *context, const struct mlg_batch *batch, struct mlg_error *error)
{
    struct joining *joining = context;
    for (size_t i = 0; i < batch->rows; i++) {
        const uint32_t code = batch->columns[0].codes[i];
        if (code != joining->key_count)
            return told_twice(joining->join, joining->join->labels, joining->keys, code,
                              mlg_batch_place(batch, i), error);
        joining->key_count++;
    }
    const size_t first = joining->key_count - batch->rows;
    for (size_t c = 0; c < joining->column_count; c++) {
        struct looked_up *column = &joining->columns[c];
        if (!make_room(column, joining->key_count))
            return no_memory(joining->join, error);
        if (column->dictionary)
            memcpy(column->codes + first, batch->columns[c + 1].codes, batch->rows * sizeof *column->codes);
        else
            memcpy(column->numbers + first, batch->columns[c + 1].numbers,
                   batch->rows * sizeof *column->numbers);
    }
    return 0;
}

static int read_labels(struct joining *joining, struct mlg_read_summary *summary, struct mlg_error *error)
{
    const struct join *join = joining->join;
    const size_t count = joining->column_count + 1;
    struct mlg_arena *arena = join->labels->arena;
    struct mlg_column_request *requests = MLG_NEW_ARRAY(arena, struct mlg_column_request, count);
    struct mlg_dictionary **dictionaries = MLG_NEW_ARRAY(arena, struct mlg_dictionary *, count);
    if (!requests || !dictionaries)
        return no_memory(join, error);
    requests[0] = (struct mlg_column_request){
        .name = join->key, .decode = MLG_DECODE_CODE, .role = "join", .is_key = true};
    dictionaries[0] = joining->keys;
    for (size_t c = 0; c < joining->column_count; c++) {
        const struct mlg_column_request *wanted = &joining->order->requests[joining->columns[c].request];
        requests[c + 1] = *wanted;
        requests[c + 1].dictionary = (unsigned)c + 1;
        if (wanted->decode == MLG_DECODE_TEXT) /* it has to outlive the batch */
            requests[c + 1].decode = MLG_DECODE_CODE;
        dictionaries[c + 1] = joining->columns[c].dictionary;
        if (wanted->on_missing == MLG_ON_MISSING_DROP) /* the predictions' row is what is dropped, later */
            requests[c + 1].on_missing = MLG_ON_MISSING_KEEP;
    }
    void *const contexts[] = {joining};
    struct mlg_dictionary *const *const workers[] = {dictionaries};
    return mlg_reader_read(join->labels, requests, count, 1, take_labels, contexts, workers, count, summary,
                           error);
}

/* ---- the predictions' file ---------------------------------------------------------------------------- */

/* A batch of the predictions, and in which order its rows are handed on. */
struct joined_batch {
    const struct mlg_batch *below;
    const uint32_t *order;
};

static struct mlg_place place_of_row(const struct mlg_batch_inside *inside, size_t row)
{
    const struct joined_batch *joined = inside->origin;
    return mlg_batch_place(joined->below, joined->order[row]);
}

static uint64_t position_of_row(const struct mlg_batch_inside *inside, size_t row)
{
    const struct joined_batch *joined = inside->origin;
    return mlg_batch_position(joined->below, joined->order[row]);
}

/* Every row's key must be known, and new; those of dropped rows too. */
static int match_keys(struct joining *joining, const struct mlg_batch *batch, struct mlg_error *error)
{
    const struct join *join = joining->join;
    const uint32_t *keys = batch->columns[joining->key_request].codes;
    for (size_t i = 0; i < batch->rows + batch->dropped; i++) {
        if (keys[i] >= joining->key_count)
            return mlg_error_at(
                error, MLG_DATA, mlg_batch_place(batch, i),
                "'%s' in column '%s' (join) has no row in '%s'; every prediction needs its label",
                mlg_dictionary_text(joining->keys, keys[i], NULL), join->key, join->labels->shown);
        if (joining->seen[keys[i]])
            return told_twice(join, join->predictions, joining->keys, keys[i], mlg_batch_place(batch, i),
                              error);
        joining->seen[keys[i]] = true;
        joining->matched++;
    }
    return 0;
}

/* The worker's code of a text of the labels' file, found out once. */
static uint32_t code_of(struct looked_up *column, uint32_t code, struct mlg_dictionary *dictionary)
{
    if (code == MLG_CODE_MISSING)
        return code;
    if (column->known[code] == 0) {
        size_t size;
        const char *text = mlg_dictionary_text(column->dictionary, code, &size);
        const uint32_t own = mlg_dictionary_code(dictionary, text, size);
        if (own == MLG_NO_CODE)
            return own;
        column->known[code] = own + 1;
    }
    return column->known[code] - 1;
}

static struct mlg_text text_of(const struct looked_up *column, uint32_t code)
{
    struct mlg_text text = {0};
    if (code != MLG_CODE_MISSING)
        text.bytes = mlg_dictionary_text(column->dictionary, code, &text.size);
    return text;
}

/* Fills the cells of one looked-up column for `count` keys: those of the batch, or without one those of
 * labels that no prediction has. */
static int look_up(struct joining *joining, struct looked_up *column, const uint32_t *keys, size_t count,
                   const struct mlg_batch *batch, struct mlg_error *error)
{
    const struct mlg_column_request *request = &joining->order->requests[column->request];
    double *numbers = joining->cells + column->request * MLG_BATCH_ROWS;
    uint32_t *codes = (uint32_t *)(void *)numbers;
    struct mlg_text *texts = joining->texts + column->request * MLG_BATCH_ROWS;
    const bool is_text = request->decode == MLG_DECODE_TEXT;
    for (size_t i = 0; i < count; i++) {
        bool missing;
        if (is_text) {
            texts[i] = text_of(column, column->codes[keys[i]]);
            missing = !texts[i].bytes;
        } else if (column->dictionary) {
            codes[i] =
                code_of(column, column->codes[keys[i]], joining->order->dictionaries[0][request->dictionary]);
            if (codes[i] == MLG_NO_CODE)
                return mlg_error_at(error, MLG_LIMIT,
                                    batch ? mlg_batch_place(batch, i) : (struct mlg_place){0},
                                    "column '%s' of '%s' has too many distinct values", request->name,
                                    joining->join->labels->shown);
            missing = codes[i] == MLG_CODE_MISSING;
        } else {
            numbers[i] = column->numbers[keys[i]];
            missing = isnan(numbers[i]) != 0;
        }
        if (!batch)
            continue;
        joining->missing[column->request] += missing;
        joining->drop[i] |= missing && request->on_missing == MLG_ON_MISSING_DROP;
    }
    joining->out[column->request] = is_text              ? (struct mlg_column){.texts = texts}
                                    : column->dictionary ? (struct mlg_column){.codes = codes}
                                                         : (struct mlg_column){.numbers = numbers};
    return 0;
}

/* Moves the rows that are dropped behind the others, in cells of our own. */
static void order_rows(struct joining *joining, size_t count)
{
    for (size_t r = 0; r < joining->order->count; r++) {
        double *numbers = joining->cells + r * MLG_BATCH_ROWS;
        struct mlg_column *column = &joining->out[r];
        if (column->texts) {
            struct mlg_text *texts = joining->texts + r * MLG_BATCH_ROWS, before[MLG_BATCH_ROWS];
            memcpy(before, column->texts, count * sizeof *before);
            for (size_t i = 0; i < count; i++)
                texts[i] = before[joining->row_order[i]];
            column->texts = texts;
        } else if (column->codes) {
            uint32_t *codes = (uint32_t *)(void *)numbers, before[MLG_BATCH_ROWS];
            memcpy(before, column->codes, count * sizeof *before);
            for (size_t i = 0; i < count; i++)
                codes[i] = before[joining->row_order[i]];
            column->codes = codes;
        } else {
            double before[MLG_BATCH_ROWS];
            memcpy(before, column->numbers, count * sizeof *before);
            for (size_t i = 0; i < count; i++)
                numbers[i] = before[joining->row_order[i]];
            column->numbers = numbers;
        }
    }
}

static int sink(const struct joining *joining, const struct mlg_batch_inside *inside, struct mlg_error *error)
{
    const struct mlg_read_order *order = joining->order;
    return order->sink(order->contexts ? order->contexts[0] : NULL, &inside->batch, error);
}

static int hand_on(void *context, const struct mlg_batch *batch, struct mlg_error *error)
{
    struct joining *joining = context;
    const struct mlg_read_order *order = joining->order;
    const size_t count = batch->rows + batch->dropped;
    const uint32_t *keys = batch->columns[joining->key_request].codes;
    int code = match_keys(joining, batch, error);
    for (size_t i = 0; i < count; i++)
        joining->drop[i] = i >= batch->rows;
    for (size_t r = 0; r < order->count; r++)
        if (joining->main_index[r] != SIZE_MAX)
            joining->out[r] = batch->columns[joining->main_index[r]];
    for (size_t c = 0; !code && c < joining->column_count; c++)
        code = look_up(joining, &joining->columns[c], keys, count, batch, error);
    if (code)
        return code;
    const size_t rows = mlg_order_dropped(joining->drop, count, joining->row_order);
    joining->dropped += batch->rows - rows;
    if (rows < batch->rows)
        order_rows(joining, count);
    const struct joined_batch origin = {batch, joining->row_order};
    const struct mlg_batch_inside inside = {
        .batch = {.rows = rows,
                  .dropped = count - rows,
                  .columns = joining->out,
                  .dictionaries = batch->dictionaries,
                  .dictionary_count = order->dictionary_count},
        .place = place_of_row,
        .position = position_of_row,
        .origin = &origin,
    };
    return sink(joining, &inside, error);
}

static struct mlg_place place_of_none(const struct mlg_batch_inside *inside, size_t row)
{
    (void)inside;
    (void)row;
    return (struct mlg_place){0};
}

static uint64_t position_of_none(const struct mlg_batch_inside *inside, size_t row)
{
    (void)inside;
    (void)row;
    return UINT64_MAX;
}

/* Labels that no prediction has, as dropped rows: of which slices they are may stand beside them. */
static int hand_on_unmatched(struct joining *joining, struct mlg_error *error)
{
    const struct mlg_read_order *order = joining->order;
    uint32_t next = 0;
    for (size_t r = 0; r < order->count; r++)
        joining->out[r] = (struct mlg_column){0};
    for (;;) {
        size_t count = 0;
        for (; next < joining->key_count && count < MLG_BATCH_ROWS; next++)
            if (!joining->seen[next])
                joining->unmatched_keys[count++] = next;
        if (count == 0)
            return 0;
        int code = 0;
        for (size_t c = 0; !code && c < joining->column_count; c++)
            code = look_up(joining, &joining->columns[c], joining->unmatched_keys, count, NULL, error);
        const struct mlg_batch_inside inside = {
            .batch = {.dropped = count,
                      .columns = joining->out,
                      .dictionaries = order->dictionary_count ? order->dictionaries[0] : NULL,
                      .dictionary_count = order->dictionary_count,
                      .is_unmatched = true},
            .place = place_of_none,
            .position = position_of_none,
        };
        if (!code)
            code = sink(joining, &inside, error);
        if (code)
            return code;
    }
}

static int read_predictions(struct joining *joining, struct mlg_read_summary *summary,
                            struct mlg_error *error)
{
    const struct mlg_read_order *order = joining->order;
    const struct join *join = joining->join;
    struct mlg_arena *arena = join->predictions->arena;
    const size_t dictionary_count = order->dictionary_count + 1;
    struct mlg_column_request *requests = MLG_NEW_ARRAY(arena, struct mlg_column_request, order->count + 1);
    struct mlg_dictionary **dictionaries = MLG_NEW_ARRAY(arena, struct mlg_dictionary *, dictionary_count);
    size_t count = 0;
    if (!requests || !dictionaries)
        return no_memory(join, error);
    for (size_t r = 0; r < order->count; r++)
        if (joining->main_index[r] != SIZE_MAX) {
            requests[count] = order->requests[r];
            requests[count].is_key = strcmp(requests[count].name, join->key) == 0;
            count++;
        }
    joining->key_request = count;
    requests[count++] = (struct mlg_column_request){.name = join->key,
                                                    .decode = MLG_DECODE_CODE,
                                                    .dictionary = (unsigned)order->dictionary_count,
                                                    .role = "join",
                                                    .is_key = true};
    for (size_t d = 0; d < order->dictionary_count; d++)
        dictionaries[d] = order->dictionaries[0][d];
    dictionaries[order->dictionary_count] = joining->keys;
    void *const contexts[] = {joining};
    struct mlg_dictionary *const *const workers[] = {dictionaries};
    int code = mlg_reader_read(join->predictions, requests, count, 1, hand_on, contexts, workers,
                               dictionary_count, summary, error);
    for (size_t r = 0; !code && r < order->count; r++)
        if (joining->main_index[r] != SIZE_MAX)
            joining->missing[r] = summary->missing[joining->main_index[r]];
    return code;
}

/* ---- both ---------------------------------------------------------------------------------------------- */

/* Which requests are looked up, and room for them. */
static bool prepare(struct joining *joining)
{
    const struct mlg_read_order *order = joining->order;
    size_t main_count = 0;
    joining->columns = calloc(order->count + 1, sizeof *joining->columns);
    joining->main_index = calloc(order->count + 1, sizeof *joining->main_index);
    joining->out = calloc(order->count + 1, sizeof *joining->out);
    joining->cells = calloc((order->count + 1) * MLG_BATCH_ROWS, sizeof *joining->cells);
    joining->texts = calloc((order->count + 1) * MLG_BATCH_ROWS, sizeof *joining->texts);
    joining->keys = mlg_dictionary_new(KEYS);
    if (!joining->columns || !joining->main_index || !joining->out || !joining->cells || !joining->texts ||
        !joining->keys)
        return false;
    for (size_t r = 0; r < order->count; r++) {
        const bool is_main = !joining->join->is_looked_up[order->columns[r]];
        joining->main_index[r] = is_main ? main_count++ : SIZE_MAX;
        if (is_main)
            continue;
        struct looked_up *column = &joining->columns[joining->column_count++];
        column->request = r;
        if (order->requests[r].decode != MLG_DECODE_NUMBER &&
            !(column->dictionary = mlg_dictionary_new(KEYS)))
            return false;
    }
    return true;
}

/* Between the files: what is known of the labels' file only now. */
static bool prepare_lookup(struct joining *joining)
{
    joining->seen = calloc(joining->key_count + 1, sizeof *joining->seen);
    bool memory = joining->seen != NULL;
    for (size_t c = 0; memory && c < joining->column_count; c++) {
        struct looked_up *column = &joining->columns[c];
        if (!column->dictionary || joining->order->requests[column->request].decode == MLG_DECODE_TEXT)
            continue;
        column->known_count = mlg_dictionary_count(column->dictionary);
        column->known = calloc(column->known_count + 1, sizeof *column->known);
        memory = column->known != NULL;
    }
    return memory;
}

static void forget(struct joining *joining)
{
    for (size_t c = 0; c < joining->column_count; c++) {
        mlg_dictionary_free(joining->columns[c].dictionary);
        free(joining->columns[c].codes);
        free(joining->columns[c].numbers);
        free(joining->columns[c].known);
    }
    mlg_dictionary_free(joining->keys);
    free(joining->columns);
    free(joining->main_index);
    free(joining->out);
    free(joining->cells);
    free(joining->texts);
    free(joining->seen);
    free(joining);
}

/* The key of the first label that no prediction has. */
static const char *first_unmatched(const struct joining *joining, struct mlg_arena *arena)
{
    size_t size;
    for (uint32_t code = 0; code < joining->key_count; code++)
        if (!joining->seen[code]) {
            const char *text = mlg_dictionary_text(joining->keys, code, &size);
            return mlg_arena_copy(arena, text, size);
        }
    return NULL;
}

static int join_read(struct mlg_reader *reader, const struct mlg_read_order *order,
                     struct mlg_read_summary *summary, uint64_t *missing, struct mlg_error *error)
{
    const struct join *join = reader->state;
    struct joining *joining = calloc(1, sizeof *joining);
    struct mlg_read_summary *labels = MLG_NEW(reader->arena, struct mlg_read_summary);
    if (!joining || !labels) {
        free(joining);
        return no_memory(join, error);
    }
    joining->join = join;
    joining->order = order;
    joining->missing = missing;
    int code = prepare(joining) ? read_labels(joining, labels, error) : no_memory(join, error);
    if (!code && !prepare_lookup(joining))
        code = no_memory(join, error);
    if (!code)
        code = read_predictions(joining, summary, error);
    if (!code)
        code = hand_on_unmatched(joining, error);
    if (!code) {
        summary->labels = labels;
        summary->unmatched = joining->key_count - joining->matched;
        if (summary->unmatched)
            summary->unmatched_key = first_unmatched(joining, reader->arena);
        summary->rows -= joining->dropped;
        summary->dropped += joining->dropped;
    }
    forget(joining);
    return code;
}

static void join_close(struct mlg_reader *reader)
{
    const struct join *join = reader->state;
    mlg_reader_close(join->predictions);
    mlg_reader_close(join->labels);
}

static size_t find_name(const struct mlg_reader *reader, const char *name)
{
    size_t i = 0;
    while (i < reader->name_count && strcmp(reader->names[i], name) != 0)
        i++;
    return i;
}

static int need_column(const struct mlg_reader *reader, const char *name, const char *role,
                       struct mlg_error *error)
{
    if (find_name(reader, name) < reader->name_count)
        return 0;
    const char *near = mlg_nearest(name, reader->names, reader->name_count);
    return mlg_error_set(error, MLG_CONFIG, "column '%s' (%s) is not in '%s'%s%s%s", name, role,
                         reader->shown, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

int mlg_reader_join(struct mlg_arena *arena, struct mlg_reader *predictions, struct mlg_reader *labels,
                    const char *key, const char *label, const char *const *answers, size_t answer_count,
                    struct mlg_reader **joined, struct mlg_error *error)
{
    int code = need_column(predictions, key, "join", error);
    if (!code)
        code = need_column(labels, key, "join", error);
    if (!code)
        code = need_column(labels, label, "label", error);
    if (code)
        return code;
    struct mlg_reader *reader = MLG_NEW(arena, struct mlg_reader);
    struct join *join = MLG_NEW(arena, struct join);
    const size_t most = predictions->name_count + labels->name_count;
    const char **names = MLG_NEW_ARRAY(arena, const char *, most);
    bool *is_looked_up = MLG_NEW_ARRAY(arena, bool, most), *nested = MLG_NEW_ARRAY(arena, bool, most);
    if (!reader || !join || !names || !is_looked_up || !nested)
        return mlg_error_set(error, MLG_LIMIT, "no memory to join '%s' and '%s'", predictions->shown,
                             labels->shown);
    *join =
        (struct join){.predictions = predictions,
                      .labels = labels,
                      .key = key,
                      .is_looked_up = is_looked_up,
                      .format = {.name = predictions->format->name, .read = join_read, .close = join_close}};
    *reader = *predictions;
    reader->format = &join->format;
    reader->source = NULL;
    reader->state = join;
    reader->names = names;
    /* The labels' file was reviewed, and what stands beside the predictions may be of the model's own making:
     * groups and weights that both files have are those of the labels, as the label is, which also tells the
     * groups of labels without a prediction. Only what the model answers gives no way, and the key. */
    is_looked_up[0] = true;
    names[0] = label;
    reader->name_count = 1;
    for (size_t i = 0; i < predictions->name_count; i++)
        if (strcmp(predictions->names[i], label) != 0) {
            const char *name = predictions->names[i];
            is_looked_up[reader->name_count] = strcmp(name, key) != 0 &&
                                               !mlg_text_is_among(name, answers, answer_count) &&
                                               find_name(labels, name) < labels->name_count;
            names[reader->name_count++] = name;
        }
    for (size_t i = 0; i < labels->name_count; i++)
        if (strcmp(labels->names[i], label) != 0 &&
            find_name(predictions, labels->names[i]) == predictions->name_count) {
            is_looked_up[reader->name_count] = true;
            names[reader->name_count++] = labels->names[i];
        }
    for (size_t i = 0; i < reader->name_count; i++) {
        const struct mlg_reader *side = is_looked_up[i] ? labels : predictions;
        nested[i] = side->nested && side->nested[find_name(side, names[i])];
    }
    reader->nested = predictions->nested || labels->nested ? nested : NULL;
    *joined = reader;
    return 0;
}
