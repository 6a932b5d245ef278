/* feed: cells decoded column by column, rows dropped, batches handed on. */
#include "feed.h"

#include <stdlib.h>
#include <string.h>

#include "dictionary.h"

enum { VALUE_SHOWN = 60 }; /* bytes of a cell in a sentence */

/* ---- columns --------------------------------------------------------------------------------------- */

double *mlg_feed_numbers(const struct mlg_feed *feed, size_t request)
{
    return (double *)(uintptr_t)feed->columns[request].numbers;
}

uint32_t *mlg_feed_codes(const struct mlg_feed *feed, size_t request)
{
    return (uint32_t *)(uintptr_t)feed->columns[request].codes;
}

struct mlg_text *mlg_feed_texts(const struct mlg_feed *feed, size_t request)
{
    return (struct mlg_text *)(uintptr_t)feed->columns[request].texts;
}

void mlg_feed_free(struct mlg_feed *feed)
{
    if (!feed)
        return;
    for (size_t k = 0; feed->columns && k < feed->order->count; k++) {
        free(mlg_feed_numbers(feed, k));
        free(mlg_feed_codes(feed, k));
        free(mlg_feed_texts(feed, k));
        if (feed->caches)
            free(feed->caches[k]);
        if (feed->rooms)
            free(feed->rooms[k].bytes);
    }
    free(feed->columns);
    free(feed->caches);
    free(feed->rooms);
    free(feed->missing);
    free(feed->room.bytes);
    free(feed);
}

struct mlg_feed *mlg_feed_new(struct mlg_reader *reader, const struct mlg_read_order *order,
                              const size_t *turns, size_t worker)
{
    struct mlg_feed *feed = calloc(1, sizeof *feed);
    if (!feed)
        return NULL;
    feed->reader = reader;
    feed->order = order;
    feed->turns = turns;
    feed->worker = worker;
    feed->columns = calloc(order->count + 1, sizeof *feed->columns);
    feed->caches = calloc(order->count + 1, sizeof *feed->caches);
    feed->rooms = calloc(order->count + 1, sizeof *feed->rooms);
    feed->missing = calloc(order->count + 1, sizeof *feed->missing);
    bool whole = feed->columns && feed->caches && feed->rooms && feed->missing;
    for (size_t k = 0; whole && k < order->count; k++) {
        if (order->requests[k].decode == MLG_DECODE_NUMBER) {
            feed->columns[k].numbers = malloc(MLG_BATCH_ROWS * sizeof(double));
            whole = feed->columns[k].numbers;
        } else if (order->requests[k].decode == MLG_DECODE_TEXT) {
            feed->columns[k].texts = malloc(MLG_BATCH_ROWS * sizeof(struct mlg_text));
            whole = feed->columns[k].texts;
        } else {
            feed->columns[k].codes = malloc(MLG_BATCH_ROWS * sizeof(uint32_t));
            feed->caches[k] = malloc(sizeof *feed->caches[k]);
            whole = feed->columns[k].codes && feed->caches[k];
            if (whole)
                mlg_cell_cache_clear(feed->caches[k]);
        }
    }
    if (!whole) {
        mlg_feed_free(feed);
        return NULL;
    }
    return feed;
}

const size_t *mlg_feed_turns(const struct mlg_reader *reader, const struct mlg_read_order *order)
{
    size_t *turns = MLG_NEW_ARRAY(reader->arena, size_t, order->count + 1);
    for (size_t i = 0; turns && i < order->count; i++) {
        size_t k = i;
        for (; k > 0 && order->columns[turns[k - 1]] > order->columns[i]; k--)
            turns[k] = turns[k - 1];
        turns[k] = i;
    }
    return turns;
}

/* ---- what is wrong with a cell ----------------------------------------------------------------------- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* "19,936.05", "1,234,567": commas that cannot be decimal marks. ("1,234" can.) */
static bool has_thousands(struct mlg_text cell)
{
    const char *comma = memchr(cell.bytes, ',', cell.size);
    if (!comma)
        return false;
    size_t behind = cell.size - (size_t)(comma + 1 - cell.bytes);
    return memchr(comma + 1, '.', behind) || memchr(comma + 1, ',', behind);
}

int mlg_feed_tell(const struct mlg_feed *feed, size_t request_index, enum mlg_cell_outcome outcome,
                  struct mlg_text cell, struct mlg_place place, struct mlg_error *error)
{
    const struct mlg_reader *reader = feed->reader;
    const struct mlg_column_request *request = &feed->order->requests[request_index];
    const char *open = request->role ? " (" : "", *role = request->role ? request->role : "",
               *close = request->role ? ")" : "";
    int shown = cell.size < VALUE_SHOWN ? (int)cell.size : VALUE_SHOWN;
    const char *more = cell.size > VALUE_SHOWN ? "…" : "";
    const char *hint = "decimal numbers such as 0.25 or 1e-3 are accepted";
    switch (outcome) {
    case MLG_CELL_MISSING:
        if (request->is_key)
            mlg_error_at(error, MLG_DATA, place,
                         "missing value%s%.*s%s in column '%s'%s%s%s; rows are matched by it, so that every "
                         "row needs one",
                         cell.size ? " '" : "", shown, cell.bytes, cell.size ? "'" : "", request->name, open,
                         role, close);
        else
            mlg_error_at(
                error, MLG_DATA, place,
                "missing value%s%.*s%s in column '%s'%s%s%s; with %s such rows are left out and counted",
                cell.size ? " '" : "", shown, cell.bytes, cell.size ? "'" : "", request->name, open, role,
                close, reader->options.from_flags ? "--missing drop" : "'missing: drop'");
        break;
    case MLG_CELL_NOT_A_NUMBER:
        if (cell.size > 0 && (is_space(cell.bytes[0]) || is_space(cell.bytes[cell.size - 1])))
            hint = "a number stands alone, without spaces";
        else if (reader->options.decimal == ',')
            hint = "numbers with a decimal comma such as 0,25 are accepted";
        else if (has_thousands(cell))
            hint = "thousands are written without a mark between them";
        else if (memchr(cell.bytes, ',', cell.size))
            hint = reader->options.from_flags ? "a decimal comma is accepted with --decimal ,"
                                              : "a decimal comma is accepted with 'decimal: \",\"'";
        mlg_error_at(error, MLG_DATA, place, "value '%.*s%s' in column '%s'%s%s%s is not a number; %s", shown,
                     cell.bytes, more, request->name, open, role, close, hint);
        break;
    case MLG_CELL_NOT_FINITE:
        mlg_error_at(error, MLG_DATA, place,
                     "value '%.*s%s' in column '%s'%s%s%s is not finite; finite numbers are accepted", shown,
                     cell.bytes, more, request->name, open, role, close);
        break;
    case MLG_CELL_TOO_MANY_VALUES:
        mlg_error_at(error, MLG_LIMIT, place, "column '%s'%s%s%s has more than %zu distinct values",
                     request->name, open, role, close,
                     mlg_dictionary_limit(feed->order->dictionaries[feed->worker][request->dictionary]));
        break;
    default:
        return mlg_reader_no_memory(reader, error);
    }
    return outcome == MLG_CELL_TOO_MANY_VALUES ? MLG_LIMIT : MLG_DATA;
}

/* ---- handing on --------------------------------------------------------------------------------------- */

/* What a batch's places go by. */
struct origin {
    const struct mlg_feed *feed;
    const struct mlg_feed_places *places;
    const struct mlg_records *records; /* NULL: there are none */
};

static size_t record_of_row(const struct mlg_batch_inside *inside, size_t row)
{
    return inside->first + (inside->order ? inside->order[row] : row);
}

static struct mlg_place place_of_row(const struct mlg_batch_inside *inside, size_t row)
{
    const struct origin *origin = inside->origin;
    const size_t record = record_of_row(inside, row);
    const char *at = origin->records ? mlg_cell_at(origin->records, record, 0).text : NULL;
    return origin->places->place(origin->places->self, record, at);
}

/* Blocks are cut the same way for any number of workers, and hold fewer records than 32 bits count. */
static uint64_t position_of_row(const struct mlg_batch_inside *inside, size_t row)
{
    const struct origin *origin = inside->origin;
    return origin->feed->block << 32 | record_of_row(inside, row);
}

/* Moves the rows that are dropped behind the others, both in their order; returns how many the others are. */
static size_t drop_rows(struct mlg_feed *feed, size_t count)
{
    if (!memchr(feed->dropped, 1, count))
        return count;
    const size_t rows = mlg_order_dropped(feed->dropped, count, feed->row_order);
    for (size_t k = 0; k < feed->order->count; k++) {
        double *numbers = mlg_feed_numbers(feed, k);
        uint32_t *codes = mlg_feed_codes(feed, k);
        struct mlg_text *texts = mlg_feed_texts(feed, k);
        if (texts) {
            memcpy(feed->texts, texts, count * sizeof *texts);
            for (size_t i = 0; i < count; i++)
                texts[i] = feed->texts[feed->row_order[i]];
        } else if (numbers) {
            memcpy(feed->numbers, numbers, count * sizeof *numbers);
            for (size_t i = 0; i < count; i++)
                numbers[i] = feed->numbers[feed->row_order[i]];
        } else {
            memcpy(feed->codes, codes, count * sizeof *codes);
            for (size_t i = 0; i < count; i++)
                codes[i] = feed->codes[feed->row_order[i]];
        }
    }
    return rows;
}

static int hand_on(struct mlg_feed *feed, size_t first, size_t count, const struct origin *origin,
                   struct mlg_error *error)
{
    const struct mlg_read_order *order = feed->order;
    const size_t rows = drop_rows(feed, count);
    feed->rows += rows;
    feed->rows_dropped += count - rows;
    if (count == 0)
        return 0;
    struct mlg_batch_inside inside = {
        .batch = {.rows = rows,
                  .dropped = count - rows,
                  .columns = feed->columns,
                  .dictionaries = order->dictionary_count ? order->dictionaries[feed->worker] : NULL,
                  .dictionary_count = order->dictionary_count},
        .place = place_of_row,
        .position = position_of_row,
        .origin = origin,
        .first = first,
        .order = rows < count ? feed->row_order : NULL,
    };
    return order->sink(order->contexts ? order->contexts[feed->worker] : NULL, &inside.batch, error);
}

int mlg_feed_rows(struct mlg_feed *feed, size_t first, size_t count, const struct mlg_feed_places *places,
                  struct mlg_error *error)
{
    const struct origin origin = {.feed = feed, .places = places};
    return hand_on(feed, first, count, &origin, error);
}

static int tell_cell(struct mlg_feed *feed, const struct mlg_records *records, size_t record, size_t field,
                     const struct mlg_feed_places *places, size_t request, enum mlg_cell_outcome outcome,
                     struct mlg_error *error)
{
    struct mlg_cell cell = mlg_cell_at(records, record, field);
    const struct mlg_place place = places->place(places->self, record, cell.text);
    if (!mlg_cell_unquote(&cell, &feed->room))
        outcome = MLG_CELL_NO_MEMORY;
    return mlg_feed_tell(feed, request, outcome, (struct mlg_text){cell.text, cell.size}, place, error);
}

/* Decodes at most MLG_BATCH_ROWS records and hands them on. */
static int feed_batch(struct mlg_feed *feed, const struct mlg_records *records, size_t first, size_t count,
                      const size_t *fields, const struct mlg_feed_places *places, struct mlg_error *error)
{
    const struct mlg_read_order *order = feed->order;
    const struct origin origin = {feed, places, records};
    struct mlg_error trouble = {0};
    size_t good = count;
    memset(feed->dropped, 0, count);
    for (size_t turn = 0; turn < order->count; turn++) {
        /* Columns in the order of the file, each as far as the ones before were good: the error that
         * remains is the first in the file. */
        const size_t k = feed->turns[turn];
        const struct mlg_column_request *request = &order->requests[k];
        enum mlg_cell_outcome outcome = MLG_CELL_DECODED;
        struct mlg_decoding decoding = {
            .records = *records,
            .column = fields[k],
            .first = first,
            .count = good,
            .decimal = feed->reader->options.decimal,
            .on_missing = request->on_missing,
            .room = &feed->room,
            .dropped = feed->dropped,
            .missing = &feed->missing[k],
            .cache = feed->caches[k],
        };
        size_t decoded;
        if (request->decode == MLG_DECODE_NUMBER) {
            decoded = mlg_decode_numbers(&decoding, mlg_feed_numbers(feed, k), &outcome);
        } else if (request->decode == MLG_DECODE_TEXT) {
            decoding.room = &feed->rooms[k];
            decoded = mlg_decode_texts(&decoding, mlg_feed_texts(feed, k), &outcome);
        } else {
            decoding.dictionary = order->dictionaries[feed->worker][request->dictionary];
            decoded = mlg_decode_codes(&decoding, mlg_feed_codes(feed, k), &outcome);
        }
        if (decoded < good) {
            good = decoded;
            tell_cell(feed, records, first + good, fields[k], places, k, outcome, &trouble);
        }
    }
    const int code = hand_on(feed, first, good, &origin, error);
    if (code || good == count)
        return code;
    *error = trouble;
    return (int)trouble.code;
}

int mlg_feed_records(struct mlg_feed *feed, const struct mlg_records *records, size_t count,
                     const size_t *fields, const struct mlg_feed_places *places, struct mlg_error *error)
{
    for (size_t first = 0; first < count; first += MLG_BATCH_ROWS) {
        const size_t rest = count - first;
        const int code = feed_batch(feed, records, first, rest < MLG_BATCH_ROWS ? rest : MLG_BATCH_ROWS,
                                    fields, places, error);
        if (code)
            return code;
    }
    return 0;
}
