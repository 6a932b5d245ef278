/* parquet: columns that are typed and stored apart, a row group after the other.
 *
 * A gate sees what it would see had pandas written the same table to CSV: truth values are True and False, a
 * real number is 1.0, a missing value and NaN are missing, and so are texts that stand for it. Numbers come
 * without a detour by text; a float32 or float16 is the double of the same value, as text too. Times are
 * written with their seconds.
 *
 * Row groups are blocks. A batch ends where a page of any of its columns ends, so that texts stay where they
 * are. There are no lines: places count rows.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "mlgate/number.h"
#include "parquet.h"
#include "source.h"

static int parquet_bid(const char *path, const unsigned char *bytes, size_t size, bool whole)
{
    enum { MAGIC = 4, SURE = 100 };
    (void)path;
    if (size < MAGIC || (memcmp(bytes, "PAR1", MAGIC) != 0 && memcmp(bytes, "PARE", MAGIC) != 0))
        return 0;
    /* A header line of CSV may begin like that, too. */
    if (whole && size >= 3 * MAGIC && memcmp(bytes + size - MAGIC, bytes, MAGIC) == 0)
        return SURE;
    return size > MAGIC && (bytes[MAGIC] < ' ' || bytes[MAGIC] > '~') && !strchr("\t\r\n", bytes[MAGIC])
               ? SURE
               : 0;
}

static int parquet_open(struct mlg_reader *reader, struct mlg_error *error)
{
    size_t size;
    const unsigned char *bytes = mlg_source_peek(reader->source, &size);
    if (size < 4 || (memcmp(bytes, "PAR1", 4) != 0 && memcmp(bytes, "PARE", 4) != 0))
        return mlg_error_set(error, MLG_DATA, "'%s' is no Parquet file, which begins with 'PAR1'",
                             reader->shown);
    struct mlg_parquet *file = MLG_NEW(reader->arena, struct mlg_parquet);
    if (!file)
        return mlg_reader_no_memory(reader, error);
    reader->state = file;
    file->held_most = reader->tuning.held_stream_bytes;
    int code = mlg_parquet_open(file, reader->source, reader->shown, reader->arena, error);
    if (code)
        return code;
    reader->names = MLG_NEW_ARRAY(reader->arena, const char *, file->column_count);
    bool *nested = MLG_NEW_ARRAY(reader->arena, bool, file->column_count);
    if (!reader->names || !nested)
        return mlg_reader_no_memory(reader, error);
    for (size_t i = 0; i < file->column_count; i++) {
        reader->names[reader->name_count++] = file->columns[i].name;
        nested[i] = file->columns[i].refused != NULL;
        if (nested[i])
            reader->nested = nested;
    }
    return 0;
}

static void parquet_close(struct mlg_reader *reader)
{
    mlg_parquet_close(reader->state);
}

/* ---- cells -------------------------------------------------------------------------------------------- */

/* A column that is asked for, once for however many requests. */
struct asked {
    const struct mlg_parquet_column *column;
    struct mlg_parquet_cursor *cursor;
    struct mlg_parquet_values values;
};

/* The codes of a dictionary's values, as a request has them: MLG_NO_CODE where nobody asked yet. */
struct known {
    uint32_t *codes;
    size_t capacity;
    uint64_t dictionary;
};

struct work {
    struct mlg_reader *reader;
    struct mlg_parquet *file;
    size_t next_group;
    uint64_t rows_before; /* the group that was taken last */
};

struct worker {
    struct work *work;
    struct mlg_feed *feed;
    size_t asked_count;
    struct asked *asked;
    size_t *of_request;  /* which of them */
    struct known *known; /* per request */
    size_t group;
    uint64_t first; /* rows before the group */
};

static struct mlg_place place_of(const void *self, size_t record, const char *at)
{
    const struct worker *worker = self;
    (void)at;
    return (struct mlg_place){.file = worker->work->reader->shown,
                              .line = (unsigned long)(worker->first + record + 1),
                              .column = MLG_PLACE_ROW};
}

static bool is_present(const struct mlg_parquet_values *values, size_t row)
{
    return (!values->present || values->present[row]) && !(values->reals && isnan(values->reals[row]));
}

static struct mlg_text text_of(const struct asked *asked, size_t row, char *out)
{
    const struct mlg_parquet_values *values = &asked->values;
    return values->reals      ? mlg_parquet_real_text(values->reals[row], out)
           : values->integers ? mlg_parquet_integer_text(asked->column, values->integers[row], out)
                              : mlg_parquet_bytes_text(asked->column, values->bytes[row], out);
}

/* Is the text that of a missing value? Texts that cannot be are told. */
static enum mlg_cell_outcome look(struct mlg_text text)
{
    if (!text.bytes)
        return MLG_CELL_NOT_A_NUMBER;
    return mlg_is_missing(text.bytes, text.size) ? MLG_CELL_MISSING : MLG_CELL_DECODED;
}

static enum mlg_cell_outcome number_at(const struct worker *worker, const struct asked *asked, size_t row,
                                       double *number)
{
    const struct mlg_parquet_values *values = &asked->values;
    const enum mlg_parquet_meaning meaning = asked->column->meaning;
    if (!is_present(values, row))
        return MLG_CELL_MISSING;
    if (values->reals)
        *number = values->reals[row];
    else if (meaning == MLG_PARQUET_SIGNED && values->integers)
        *number = (double)values->integers[row];
    else if (meaning == MLG_PARQUET_UNSIGNED)
        *number = (double)(uint64_t)values->integers[row];
    else {
        char room[MLG_PARQUET_TEXT];
        const struct mlg_text text = text_of(asked, row, room);
        const char decimal = meaning == MLG_PARQUET_WORDS ? worker->work->reader->options.decimal : '.';
        const enum mlg_cell_outcome outcome = look(text);
        if (outcome != MLG_CELL_DECODED)
            return outcome;
        if (!mlg_number_parse_with(text.bytes, text.size, decimal, number))
            return MLG_CELL_NOT_A_NUMBER;
    }
    return isfinite(*number) ? MLG_CELL_DECODED : MLG_CELL_NOT_FINITE;
}

static enum mlg_cell_outcome text_at(const struct asked *asked, size_t row, char *room, struct mlg_text *text)
{
    if (!is_present(&asked->values, row))
        return MLG_CELL_MISSING;
    *text = text_of(asked, row, room);
    return look(*text);
}

/* Room for a code of every value of the dictionary, if there is one: NULL, there is none. */
static uint32_t *known_codes(struct known *known, const struct mlg_parquet_values *values)
{
    if (!values->indices)
        return NULL;
    if (known->dictionary == values->dictionary)
        return known->codes;
    if (values->dictionary_count > known->capacity || !known->codes) {
        uint32_t *codes = realloc(known->codes, (values->dictionary_count + 1) * sizeof *codes);
        if (!codes)
            return NULL;
        known->codes = codes;
        known->capacity = values->dictionary_count;
    }
    for (size_t i = 0; i < values->dictionary_count; i++)
        known->codes[i] = MLG_NO_CODE;
    known->dictionary = values->dictionary;
    return known->codes;
}

static enum mlg_cell_outcome code_at(const struct worker *worker, size_t request, const struct asked *asked,
                                     size_t row, uint32_t *known, uint32_t *code)
{
    const struct mlg_read_order *order = worker->feed->order;
    char room[MLG_PARQUET_TEXT];
    struct mlg_text text = {NULL, 0};
    uint32_t *slot = known && (!asked->values.present || asked->values.present[row])
                         ? &known[asked->values.indices[row]]
                         : NULL;
    if (slot && *slot != MLG_NO_CODE) {
        *code = *slot;
        return *code == MLG_CODE_MISSING ? MLG_CELL_MISSING : MLG_CELL_DECODED;
    }
    const enum mlg_cell_outcome outcome = text_at(asked, row, room, &text);
    *code = MLG_CODE_MISSING;
    if (outcome == MLG_CELL_DECODED) {
        if (memchr(text.bytes, '\0', text.size))
            return MLG_CELL_NOT_A_NUMBER;
        *code = mlg_dictionary_code(
            order->dictionaries[worker->feed->worker][order->requests[request].dictionary], text.bytes,
            text.size);
        if (*code == MLG_NO_CODE)
            return MLG_CELL_TOO_MANY_VALUES;
    }
    if (slot && outcome != MLG_CELL_NOT_A_NUMBER)
        *slot = *code;
    return outcome;
}

/* Says what is wrong with a cell. */
static int tell(const struct worker *worker, size_t request, size_t row, size_t record,
                enum mlg_cell_outcome outcome, struct mlg_error *error)
{
    const struct mlg_column_request *asked_for = &worker->feed->order->requests[request];
    const struct asked *asked = &worker->asked[worker->of_request[request]];
    const struct mlg_place place = place_of(worker, record, NULL);
    char room[MLG_PARQUET_TEXT];
    struct mlg_text text = {"", 0};
    if (is_present(&asked->values, row))
        text = text_of(asked, row, room);
    if (!text.bytes)
        return mlg_error_at(error, MLG_DATA, place, "a value in column '%s' is none of its type",
                            asked_for->name);
    if (outcome == MLG_CELL_NOT_A_NUMBER && asked_for->decode != MLG_DECODE_NUMBER)
        return mlg_error_at(error, MLG_DATA, place, "zero byte in column '%s'; texts have none",
                            asked_for->name);
    return mlg_feed_tell(worker->feed, request, outcome, text, place, error);
}

/* ---- batches ------------------------------------------------------------------------------------------ */

/* Fills the cells of a request, `count` at most; returns the first row that is an error, or `count`. */
static size_t fill(struct worker *worker, size_t request, size_t count, enum mlg_cell_outcome *outcome)
{
    struct mlg_feed *feed = worker->feed;
    const struct mlg_column_request *wanted = &feed->order->requests[request];
    const struct asked *asked = &worker->asked[worker->of_request[request]];
    double *numbers = mlg_feed_numbers(feed, request);
    uint32_t *codes = mlg_feed_codes(feed, request);
    struct mlg_text *texts = mlg_feed_texts(feed, request);
    struct mlg_cell_room *room = &feed->rooms[request];
    uint32_t *known = codes ? known_codes(&worker->known[request], &asked->values) : NULL;
    if (texts && !room->bytes) {
        room->bytes = malloc((size_t)MLG_BATCH_ROWS * MLG_PARQUET_TEXT);
        room->capacity = room->bytes ? (size_t)MLG_BATCH_ROWS * MLG_PARQUET_TEXT : 0;
        *outcome = MLG_CELL_NO_MEMORY;
        if (!room->bytes)
            return 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (numbers)
            *outcome = number_at(worker, asked, i, &numbers[i]);
        else if (codes)
            *outcome = code_at(worker, request, asked, i, known, &codes[i]);
        else if (texts)
            *outcome = text_at(asked, i, room->bytes + i * MLG_PARQUET_TEXT, &texts[i]);
        if (texts && !wanted->takes_zeros && *outcome == MLG_CELL_DECODED &&
            memchr(texts[i].bytes, '\0', texts[i].size))
            *outcome = MLG_CELL_NOT_A_NUMBER;
        if (*outcome == MLG_CELL_DECODED)
            continue;
        if (*outcome != MLG_CELL_MISSING || wanted->on_missing == MLG_ON_MISSING_ERROR)
            return i;
        feed->missing[request]++;
        if (numbers)
            numbers[i] = (double)NAN;
        else if (codes)
            codes[i] = MLG_CODE_MISSING;
        else if (texts)
            texts[i] = (struct mlg_text){NULL, 0};
        if (wanted->on_missing == MLG_ON_MISSING_DROP)
            feed->dropped[i] = 1;
    }
    return count;
}

/* The next rows of the row group, as many as all columns have without another page. */
static int feed_batch(struct worker *worker, size_t first, size_t *count, struct mlg_error *error)
{
    struct mlg_feed *feed = worker->feed;
    const struct mlg_feed_places places = {place_of, worker};
    struct mlg_error trouble = {0};
    int code = 0;
    for (size_t i = 0; i < worker->asked_count && !code; i++) {
        size_t ready = 0;
        code = mlg_parquet_cursor_ready(worker->asked[i].cursor, &ready, error);
        if (ready < *count)
            *count = ready;
    }
    for (size_t i = 0; i < worker->asked_count && !code; i++)
        code = mlg_parquet_cursor_take(worker->asked[i].cursor, *count, &worker->asked[i].values, error);
    if (code)
        return code;
    size_t good = *count;
    memset(feed->dropped, 0, *count);
    for (size_t turn = 0; turn < feed->order->count; turn++) {
        /* In the order of the file, each as far as the ones before were good. */
        const size_t request = feed->turns[turn];
        enum mlg_cell_outcome outcome = MLG_CELL_DECODED;
        const size_t filled = fill(worker, request, good, &outcome);
        if (filled < good) {
            good = filled;
            tell(worker, request, good, first + good, outcome, &trouble);
        }
    }
    code = mlg_feed_rows(feed, first, good, &places, error);
    if (code || good == *count)
        return code;
    *error = trouble;
    return (int)trouble.code;
}

static int worker_feed(void *self, struct mlg_error *error)
{
    struct worker *worker = self;
    const uint64_t rows = worker->work->file->groups[worker->group].rows;
    int code = 0;
    /* Of a row group without rows nothing need be there. */
    for (size_t i = 0; i < worker->asked_count && rows > 0 && !code; i++)
        code = mlg_parquet_cursor_begin(worker->asked[i].cursor, worker->group, error);
    for (uint64_t first = 0; first < rows && !code;) {
        size_t count = rows - first < MLG_BATCH_ROWS ? (size_t)(rows - first) : MLG_BATCH_ROWS;
        code = feed_batch(worker, (size_t)first, &count, error);
        first += count;
    }
    return code;
}

/* ---- workers ------------------------------------------------------------------------------------------ */

static void worker_end(void *self)
{
    struct worker *worker = self;
    for (size_t i = 0; worker->asked && i < worker->asked_count; i++)
        mlg_parquet_cursor_free(worker->asked[i].cursor);
    for (size_t i = 0; worker->known && i < worker->feed->order->count; i++)
        free(worker->known[i].codes);
    free(worker->asked);
    free(worker->of_request);
    free(worker->known);
    free(worker);
}

static void *worker_begin(void *self, struct mlg_feed *feed)
{
    struct work *work = self;
    const struct mlg_read_order *order = feed->order;
    struct worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        return NULL;
    worker->work = work;
    worker->feed = feed;
    worker->asked = calloc(order->count + 1, sizeof *worker->asked);
    worker->of_request = calloc(order->count + 1, sizeof *worker->of_request);
    worker->known = calloc(order->count + 1, sizeof *worker->known);
    bool good = worker->asked && worker->of_request && worker->known;
    for (size_t k = 0; k < order->count && good; k++) {
        const struct mlg_parquet_column *column = &work->file->columns[order->columns[k]];
        size_t i = 0;
        while (i < worker->asked_count && worker->asked[i].column != column)
            i++;
        worker->of_request[k] = i;
        if (i < worker->asked_count)
            continue;
        worker->asked_count++;
        worker->asked[i].column = column;
        worker->asked[i].cursor = mlg_parquet_cursor_new(work->file, column);
        good = worker->asked[i].cursor != NULL;
    }
    if (good)
        return worker;
    worker_end(worker);
    return NULL;
}

static bool worker_take(void *self, size_t *bytes)
{
    struct worker *worker = self;
    struct work *work = worker->work;
    const struct mlg_parquet *file = work->file;
    if (work->next_group > 0)
        work->rows_before += file->groups[work->next_group - 1].rows;
    worker->first = work->rows_before;
    worker->group = work->next_group++;
    *bytes = (size_t)(file->size / file->group_count);
    return work->next_group == file->group_count;
}

static int parquet_read(struct mlg_reader *reader, const struct mlg_read_order *order,
                        struct mlg_read_summary *summary, uint64_t *missing, struct mlg_error *error)
{
    struct work work = {.reader = reader, .file = reader->state};
    const struct mlg_parquet *file = work.file;
    const struct mlg_block_work how = {
        .self = &work, .begin = worker_begin, .take = worker_take, .feed = worker_feed, .end = worker_end};
    for (size_t k = 0; k < order->count; k++) {
        const struct mlg_parquet_column *column = &file->columns[order->columns[k]];
        if (column->refused)
            return mlg_error_set(error, MLG_DATA, "column '%s' of '%s' %s", column->name, reader->shown,
                                 column->refused);
    }
    if (file->rows > reader->tuning.expansion_bytes &&
        file->rows / reader->tuning.expansion_ratio > file->size)
        return mlg_error_set(error, MLG_LIMIT,
                             "'%s' says that it has %llu rows in %llu bytes; at most %llu in a byte are read",
                             reader->shown, (unsigned long long)file->rows, (unsigned long long)file->size,
                             (unsigned long long)reader->tuning.expansion_ratio);
    if (file->group_count == 0)
        return mlg_source_hash_along(reader->source, error);
    return mlg_blocks_read(reader, order, &how, summary, missing, error);
}

const struct mlg_format mlg_format_parquet = {"parquet",    "Parquet",    parquet_bid,
                                              parquet_open, parquet_read, parquet_close};
