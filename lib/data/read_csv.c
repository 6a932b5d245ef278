/* csv, tsv: RFC 4180 with any delimiter, in blocks of whole records.
 *
 * A block is the bytes that the block before left over, then fresh ones, indexed as they come (whether a
 * byte is inside quotes is known exactly, because everything before it has been seen), cut after the last
 * whole record. The rest, which is the bulk, is done outside of the lock: every worker decodes its own block
 * and feeds its own sink.
 *
 * What is accepted: LF or CRLF ends a record, the last one may lack it, one blank line at the end is
 * ignored; a UTF-8 byte order mark is skipped; spaces are content.
 */
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "cell.h"
#include "dictionary.h"
#include "index.h"
#include "reader.h"
#include "source.h"

enum { COLUMNS_LIMIT = 1 << 20 };

struct csv {
    char delimiter;
    mlg_index_add *add;
    char *carry; /* bytes read that no block has taken yet; they begin with a record */
    size_t carry_size, carry_capacity;
    unsigned long line; /* of the first of them */
    bool ended;         /* the source has no more bytes */
};

static struct mlg_place at(const struct mlg_reader *reader, unsigned long line)
{
    return (struct mlg_place){.file = reader->shown, .line = line};
}

/* ---- the header line ------------------------------------------------------------------------------ */

/* Reads until the header line is whole; *size is its length without the line end, *next what follows. */
static int read_header(struct mlg_reader *reader, size_t *size, size_t *next, struct mlg_error *error)
{
    struct csv *csv = reader->state;
    size_t seen = 0;
    bool quoted = false;
    for (;;) {
        for (; seen < csv->carry_size; seen++) {
            quoted ^= csv->carry[seen] == '"';
            if (csv->carry[seen] == '\n' && !quoted)
                break;
        }
        if (seen < csv->carry_size || csv->ended)
            break;
        if (csv->carry_size > reader->tuning.line_bytes)
            return mlg_error_at(error, MLG_LIMIT, at(reader, 1), "the header line is longer than %zu bytes",
                                reader->tuning.line_bytes);
        if (!mlg_blocks_reserve(&csv->carry, &csv->carry_capacity, csv->carry_size + reader->tuning.block))
            return mlg_reader_no_memory(reader, error);
        int64_t got =
            mlg_source_read(reader->source, csv->carry + csv->carry_size, reader->tuning.block, error);
        if (got < 0)
            return (int)error->code;
        csv->carry_size += (size_t)got;
        csv->ended = (size_t)got < reader->tuning.block;
    }
    if (quoted)
        return mlg_error_at(error, MLG_DATA, at(reader, 1), "a quote in the header line is not closed");
    *next = seen < csv->carry_size ? seen + 1 : seen;
    *size = seen > 0 && csv->carry[seen - 1] == '\r' ? seen - 1 : seen;
    return 0;
}

static const char candidates[] = {',', '\t', ';', '|'};
static const char *const candidate_names[] = {"comma", "tab", "semicolon", "pipe"};
enum { CANDIDATES = sizeof candidates };

int mlg_csv_delimiter(const char *shown, const char *text, size_t size, char decimal, const char *remedy,
                      char *delimiter, struct mlg_error *error)
{
    size_t counts[CANDIDATES] = {0};
    bool quoted = false;
    for (size_t i = 0; i < size; i++) {
        quoted ^= text[i] == '"';
        const char *found = quoted ? NULL : memchr(candidates, text[i], CANDIDATES);
        if (found && *found != decimal)
            counts[found - candidates]++;
    }
    size_t chosen = CANDIDATES;
    for (size_t i = 0; i < CANDIDATES; i++) {
        if (counts[i] == 0)
            continue;
        if (chosen < CANDIDATES)
            return mlg_error_at(error, MLG_DATA, (struct mlg_place){.file = shown, .line = 1},
                                "the delimiter is not clear: the header line has %zu %s%s and %zu %s%s; %s",
                                counts[chosen], candidate_names[chosen], counts[chosen] == 1 ? "" : "s",
                                counts[i], candidate_names[i], counts[i] == 1 ? "" : "s", remedy);
        chosen = i;
    }
    *delimiter = chosen < CANDIDATES ? candidates[chosen] : decimal == ',' ? ';' : ',';
    return 0;
}

static int find_delimiter(const struct mlg_reader *reader, const char *text, size_t size, char *delimiter,
                          struct mlg_error *error)
{
    *delimiter = strcmp(reader->format->name, "tsv") == 0 ? '\t' : reader->options.delimiter;
    if (reader->options.delimiter)
        *delimiter = reader->options.delimiter;
    return *delimiter ? 0
                      : mlg_csv_delimiter(reader->shown, text, size, reader->options.decimal,
                                          "give 'delimiter'", delimiter, error);
}

/* One name, from `start` to its end, which is returned; NULL: an error was told. */
static const char *read_name(struct mlg_reader *reader, const char *start, const char *end, char delimiter,
                             struct mlg_error *error)
{
    const char *next = start;
    struct mlg_cell_room room = {0};
    struct mlg_cell cell = {start, 0};
    if (start < end && *start == '"') {
        bool open = true;
        for (next++; next < end && (open || *next == '"'); next++)
            open ^= *next == '"';
        if (next < end && *next != delimiter) {
            mlg_error_at(error, MLG_DATA, at(reader, 1),
                         "text after a closing quote in the header line; a quote inside a quoted field is "
                         "doubled");
            return NULL;
        }
    } else {
        while (next < end && *next != delimiter && *next != '"' && *next != '\r')
            next++;
        if (next < end && *next != delimiter) {
            mlg_error_at(error, MLG_DATA, at(reader, 1), "%s",
                         *next == '"'
                             ? "quote inside an unquoted field of the header line; a field that holds "
                               "a quote is written in quotes, with the quote doubled"
                             : "carriage return inside the header line; lines end in LF or CRLF");
            return NULL;
        }
    }
    cell.size = (size_t)(next - start);
    bool good = mlg_cell_unquote(&cell, &room);
    char *name = good ? mlg_arena_copy(reader->arena, cell.text, cell.size) : NULL;
    free(room.bytes);
    if (!name)
        mlg_reader_no_memory(reader, error);
    else
        reader->names[reader->name_count++] = name;
    return name ? next : NULL;
}

static int refuse_twins(const struct mlg_reader *reader, struct mlg_error *error)
{
    struct mlg_dictionary *dictionary = mlg_dictionary_new(reader->name_count);
    int code = dictionary ? 0 : mlg_reader_no_memory(reader, error);
    for (size_t i = 0; i < reader->name_count && !code; i++) {
        uint32_t first = mlg_dictionary_code(dictionary, reader->names[i], strlen(reader->names[i]));
        if (first == MLG_NO_CODE)
            code = mlg_reader_no_memory(reader, error);
        else if (first != i)
            code = mlg_error_at(error, MLG_DATA, at(reader, 1), "column '%s' occurs twice", reader->names[i]);
    }
    mlg_dictionary_free(dictionary);
    return code;
}

static int parse_header(struct mlg_reader *reader, const char *text, size_t size, struct mlg_error *error)
{
    struct csv *csv = reader->state;
    if (memchr(text, '\0', size))
        return mlg_error_at(error, MLG_DATA, at(reader, 1), "zero byte in the header line; CSV is text");
    int code = find_delimiter(reader, text, size, &csv->delimiter, error);
    if (code)
        return code;
    size_t most = 1;
    for (size_t i = 0; i < size; i++)
        most += text[i] == csv->delimiter;
    if (most > COLUMNS_LIMIT)
        return mlg_error_at(error, MLG_LIMIT, at(reader, 1), "the header line has more than %d columns",
                            COLUMNS_LIMIT);
    reader->names = MLG_NEW_ARRAY(reader->arena, const char *, most);
    if (!reader->names)
        return mlg_reader_no_memory(reader, error);
    const char *end = text + size;
    for (const char *start = text;; start++) {
        start = read_name(reader, start, end, csv->delimiter, error);
        if (!start)
            return (int)error->code;
        if (start == end)
            break;
    }
    return refuse_twins(reader, error);
}

static int csv_open(struct mlg_reader *reader, struct mlg_error *error)
{
    struct csv *csv = MLG_NEW(reader->arena, struct csv);
    if (!csv)
        return mlg_reader_no_memory(reader, error);
    reader->state = csv;
    csv->add = mlg_index_choose(reader->tuning.instructions);
    size_t size = 0, next = 0, mark;
    int code = read_header(reader, &size, &next, error);
    if (code)
        return code;
    mark = csv->carry_size >= 3 && memcmp(csv->carry, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    if (csv->carry_size == mark)
        return mlg_error_set(error, MLG_DATA, "'%s' is empty; a header line with column names is needed",
                             reader->shown);
    if (size == mark)
        return mlg_error_at(error, MLG_DATA, at(reader, 1),
                            "the header line is empty; column names are needed");
    code = parse_header(reader, csv->carry + mark, size - mark, error);
    if (code)
        return code;
    csv->line = 1 + mlg_blocks_line_feeds(csv->carry, next);
    csv->carry_size -= next;
    memmove(csv->carry, csv->carry + next, csv->carry_size);
    return 0;
}

static void csv_close(struct mlg_reader *reader)
{
    struct csv *csv = reader->state;
    free(csv->carry);
}

/* ---- workers ---------------------------------------------------------------------------------------- */

struct worker {
    struct mlg_feed *feed;
    struct mlg_reader *reader;
    struct csv *csv;

    char *memory; /* text, with room on both sides */
    size_t memory_size;
    char *text;
    size_t size;
    uint32_t *positions_memory;
    size_t positions_room;
    struct mlg_index index;
    size_t skipped;   /* separators of the first record that were counted, not kept */
    size_t line_ends; /* how many of the entries taken end a record; SIZE_MAX: not counted */

    unsigned long line; /* of the first byte of the block */
    size_t entries;     /* of the index, of whole records */
    size_t records;
    bool troubled; /* after these records comes an error */
    struct mlg_error trouble;
};

/* ---- taking a block --------------------------------------------------------------------------------- */

static bool room_for(struct worker *worker, size_t bytes)
{
    const bool is_new = !worker->memory;
    if (!mlg_blocks_reserve(&worker->memory, &worker->memory_size, worker->size + bytes + 2 * MLG_CELL_PAD))
        return false;
    if (is_new)
        memset(worker->memory, 0, MLG_CELL_PAD);
    worker->text = worker->memory + MLG_CELL_PAD;
    return true;
}

static bool room_for_positions(struct worker *worker, size_t bytes)
{
    size_t needed = worker->index.count + bytes + MLG_INDEX_ROOM + 2;
    if (needed > worker->positions_room) {
        uint32_t *memory = realloc(worker->positions_memory, needed * sizeof *memory);
        if (!memory)
            return false;
        memory[0] = UINT32_MAX; /* the end of the field before the first */
        worker->positions_memory = memory;
        worker->positions_room = needed;
        worker->index.positions = memory + 1;
    }
    return true;
}

static struct mlg_place place_at(const struct worker *worker, size_t offset)
{
    return at(worker->reader, worker->line + mlg_blocks_line_feeds(worker->text, offset));
}

static void trouble_at(struct worker *worker, size_t offset, enum mlg_code code, const char *sentence)
{
    worker->troubled = true;
    mlg_error_at(&worker->trouble, code, place_at(worker, offset), "%s", sentence);
}

/* How many entries of the index lead up to and include the last line end. */
static size_t whole_entries(const struct worker *worker)
{
    size_t entries = worker->index.count;
    while (entries > 0 && worker->text[worker->index.positions[entries - 1]] != '\n')
        entries--;
    return entries;
}

static size_t end_of(const struct worker *worker, size_t entries)
{
    return entries > 0 ? (size_t)worker->index.positions[entries - 1] + 1 : 0;
}

/* Is the record that ends with this entry blank? */
static bool is_blank(const struct worker *worker, size_t entries)
{
    size_t start = end_of(worker, entries - 1), end = worker->index.positions[entries - 1];
    bool begins = entries == 1 || worker->text[start - 1] == '\n';
    return begins && (start == end || (end - start == 1 && worker->text[start] == '\r'));
}

/* Bytes of text from the index's first flaw on mean nothing: what flaw is it? */
static void tell_flaw(struct worker *worker)
{
    size_t bad = worker->index.bad;
    if (worker->text[bad] == '\0')
        trouble_at(worker, bad, MLG_DATA, "zero byte in the data; CSV is text");
    else if (worker->text[bad] == '"' && !(bad > 1 && memcmp(worker->text + bad - 2, "\"\r", 2) == 0))
        trouble_at(
            worker, bad, MLG_DATA,
            "quote inside an unquoted field; a field that holds a quote is written in quotes, with the "
            "quote doubled");
    else
        trouble_at(worker, bad, MLG_DATA,
                   "text after a closing quote; a quote inside a quoted field is doubled");
}

/* The quote that the last record leaves open. */
static void tell_open_quote(struct worker *worker, size_t start, bool ended)
{
    size_t opening = start;
    bool quoted = false;
    for (size_t i = start; i < worker->size; i++)
        if (worker->text[i] == '"') {
            quoted = !quoted;
            if (quoted && (i == start || worker->text[i - 1] != '"'))
                opening = i;
        }
    worker->troubled = true;
    if (ended)
        mlg_error_at(&worker->trouble, MLG_DATA, place_at(worker, opening),
                     "the quote that opens here is not closed before the end");
    else
        mlg_error_at(&worker->trouble, MLG_LIMIT, place_at(worker, opening),
                     "the quote that opens here is not closed within %zu bytes",
                     worker->reader->tuning.line_bytes);
}

static void tell_ragged(struct worker *worker, size_t start, size_t fields)
{
    size_t expected = worker->reader->name_count;
    worker->troubled = true;
    mlg_error_at(&worker->trouble, MLG_DATA, place_at(worker, start), "row has %zu field%s, expected %zu",
                 fields, fields == 1 ? "" : "s", expected);
}

/* Reads and indexes until a record is whole. Returns the number of entries of whole records. */
static size_t fill(struct worker *worker)
{
    struct mlg_reader *reader = worker->reader;
    struct csv *csv = worker->csv;
    const size_t block = reader->tuning.block, line_bytes = reader->tuning.line_bytes;
    struct mlg_index *index = &worker->index;
    mlg_index_begin(index);
    size_t indexed = 0;
    for (;;) {
        if (!csv->ended) {
            int64_t got = -1;
            if (room_for(worker, block))
                got = mlg_source_read(reader->source, worker->text + worker->size, block, &worker->trouble);
            else
                mlg_reader_no_memory(reader, &worker->trouble);
            if (got < 0) {
                worker->troubled = true;
                return whole_entries(worker);
            }
            worker->size += (size_t)got;
            csv->ended = (size_t)got < block;
        }
        if (!room_for_positions(worker, worker->size - indexed)) {
            worker->troubled = true;
            mlg_reader_no_memory(reader, &worker->trouble);
            return 0;
        }
        csv->add(index, worker->text, indexed, worker->size, csv->delimiter);
        indexed = worker->size;
        worker->line_ends = index->records;
        if (index->bad != SIZE_MAX) {
            while (index->count > 0 && index->positions[index->count - 1] > index->bad)
                index->count--;
            tell_flaw(worker);
            worker->line_ends = SIZE_MAX;
            return whole_entries(worker);
        }
        size_t entries = whole_entries(worker);
        if (csv->ended)
            return entries;
        /* A blank line is held back while it may be the last. */
        if (entries > 0 && end_of(worker, entries) == worker->size && is_blank(worker, entries)) {
            entries--;
            worker->line_ends--;
        }
        if (entries > 0)
            return entries;
        if (worker->size > line_bytes) {
            if (index->in_quote) {
                tell_open_quote(worker, 0, false);
            } else {
                worker->troubled = true;
                mlg_error_at(&worker->trouble, MLG_LIMIT, at(reader, worker->line),
                             "line is longer than %zu bytes", line_bytes);
            }
            return 0;
        }
        /* A record with so many fields is ragged: count them, do not keep them. */
        if (index->records == 0 && index->count > reader->name_count) {
            worker->skipped += index->count;
            index->count = 0;
        }
    }
}

/* At the end of the file: the last record may lack its line end, and may be blank. */
static size_t finish_last(struct worker *worker, size_t entries)
{
    size_t end = end_of(worker, entries);
    if (worker->index.in_quote) {
        tell_open_quote(worker, end, true);
        return entries;
    }
    if (end < worker->size) {
        worker->text[worker->size] = '\n';
        worker->index.positions[worker->index.count++] = (uint32_t)worker->size;
        entries = worker->index.count;
        worker->line_ends++;
    }
    if (entries > 0 && worker->skipped == 0 && is_blank(worker, entries)) {
        entries--;
        worker->line_ends--;
    }
    return entries;
}

/* Finds the records in the entries, all of as many fields as the header has, up to the first that is not. */
static void find_records(struct worker *worker, size_t entries)
{
    const size_t columns = worker->reader->name_count;
    const uint32_t *ends = worker->index.positions;
    const char *text = worker->text;
    if (worker->skipped > 0 && entries > 0) {
        size_t first = 0;
        while (text[ends[first]] != '\n')
            first++;
        tell_ragged(worker, 0, worker->skipped + first + 1);
        return;
    }
    size_t records = 0, start = 0;
    for (; start + columns <= entries; start += columns, records++)
        if (text[ends[start + columns - 1]] != '\n')
            break;
    /* That every C-th entry is a line end says nothing yet about those between. */
    if (start == entries && records == worker->line_ends) {
        worker->records = records;
        return;
    }
    for (start = records = 0; start < entries; start += columns, records++) {
        size_t fields = 1;
        while (text[ends[start + fields - 1]] != '\n')
            fields++;
        if (fields == columns)
            continue;
        size_t offset = end_of(worker, start);
        if (is_blank(worker, start + 1))
            trouble_at(worker, offset, MLG_DATA, "empty line");
        else
            tell_ragged(worker, offset, fields);
        break;
    }
    worker->records = records;
}

/* Fills the worker's text with the next whole records, and leaves the rest behind. */
static bool csv_take(void *self, size_t *bytes)
{
    struct worker *worker = self;
    struct csv *csv = worker->csv;
    worker->entries = 0;
    worker->line = csv->line;
    worker->size = worker->skipped = worker->records = worker->line_ends = 0;
    worker->troubled = false;
    size_t block = worker->reader->tuning.block;
    if (worker->memory_size > 8 * (block + csv->carry_size) + MLG_CELL_PAD) { /* after a giant line */
        free(worker->memory);
        worker->memory = NULL;
        worker->memory_size = 0;
    }
    if (!room_for(worker, csv->carry_size + block)) {
        worker->troubled = true;
        mlg_reader_no_memory(worker->reader, &worker->trouble);
        return true;
    }
    if (csv->carry_size > 0)
        memcpy(worker->text, csv->carry, csv->carry_size);
    worker->size = csv->carry_size;
    csv->carry_size = 0;
    size_t entries = fill(worker);
    if (csv->ended && !worker->troubled)
        entries = finish_last(worker, entries);
    *bytes = worker->size;
    worker->entries = entries;
    if (csv->ended || worker->troubled)
        return true;
    size_t cut = end_of(worker, entries), rest = worker->size - cut;
    if (!mlg_blocks_reserve(&csv->carry, &csv->carry_capacity, rest)) {
        worker->troubled = true;
        mlg_reader_no_memory(worker->reader, &worker->trouble);
        return true;
    }
    if (rest > 0)
        memcpy(csv->carry, worker->text + cut, rest);
    csv->carry_size = rest;
    csv->line += worker->index.line_feeds - mlg_blocks_line_feeds(csv->carry, rest);
    return false;
}

/* ---- feeding ---------------------------------------------------------------------------------------- */

static struct mlg_place place_of(const void *self, size_t record, const char *text)
{
    const struct worker *worker = self;
    (void)record;
    return place_at(worker, (size_t)(text - worker->text));
}

static int csv_feed(void *self, struct mlg_error *error)
{
    struct worker *worker = self;
    find_records(worker, worker->entries);
    const struct mlg_records records = {worker->text, worker->index.positions, worker->reader->name_count};
    const struct mlg_feed_places places = {place_of, worker};
    const int code = mlg_feed_records(worker->feed, &records, worker->records, worker->feed->order->columns,
                                      &places, error);
    if (code || !worker->troubled)
        return code;
    *error = worker->trouble;
    return (int)worker->trouble.code;
}

static void *csv_begin(void *self, struct mlg_feed *feed)
{
    struct worker *worker = calloc(1, sizeof *worker);
    if (worker) {
        worker->feed = feed;
        worker->reader = feed->reader;
        worker->csv = self;
    }
    return worker;
}

static void csv_end(void *self)
{
    struct worker *worker = self;
    free(worker->memory);
    free(worker->positions_memory);
    free(worker);
}

static int csv_read(struct mlg_reader *reader, const struct mlg_read_order *order,
                    struct mlg_read_summary *summary, uint64_t *missing, struct mlg_error *error)
{
    struct csv *csv = reader->state;
    const struct mlg_block_work work = {csv, csv->ended, false, csv_begin, csv_take, csv_feed, csv_end};
    return mlg_blocks_read(reader, order, &work, summary, missing, error);
}

/* ---- bids --------------------------------------------------------------------------------------------- */

static int csv_bid(const char *path, const unsigned char *bytes, size_t size, bool whole)
{
    (void)path;
    (void)whole;
    const unsigned char *line_end = size > 0 ? memchr(bytes, '\n', size) : NULL;
    size_t line = line_end ? (size_t)(line_end - bytes) : size;
    return line > 0 && memchr(bytes, '\0', line) ? 0 : 1;
}

static int tsv_bid(const char *path, const unsigned char *bytes, size_t size, bool whole)
{
    const char *found = strstr(path, ".tsv");
    return found && (found[4] == '\0' || found[4] == '.') ? 2 * csv_bid(path, bytes, size, whole) : 0;
}

const struct mlg_format mlg_format_csv = {"csv", "CSV", csv_bid, csv_open, csv_read, csv_close};
const struct mlg_format mlg_format_tsv = {"tsv", "TSV", tsv_bid, csv_open, csv_read, csv_close};
