/* csv, tsv: RFC 4180 with any delimiter, in blocks of whole records.
 *
 * A block is taken under a lock: the bytes that the block before left over, then fresh ones, indexed as
 * they come (whether a byte is inside quotes is known exactly, because everything before it has been
 * seen), cut after the last whole record. The rest, which is the bulk, is done outside of the lock:
 * every worker decodes its own block and feeds its own sink. Blocks are numbered, and cut the same way
 * for any number of workers; the error that is told is the one of the lowest number, and within a block
 * rows go to the sink in order up to the first error. So the first error of the file wins.
 *
 * What is accepted: LF or CRLF ends a record, the last one may lack it, one blank line at the end is
 * ignored; a UTF-8 byte order mark is skipped; spaces are content.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cell.h"
#include "dictionary.h"
#include "index.h"
#include "mlgate/parallel.h"
#include "reader.h"
#include "source.h"

enum {
    COLUMNS_LIMIT = 1 << 20,
    VALUE_SHOWN = 60, /* bytes of a cell in a sentence */
    HASH_BYTES = 256 * 1024,
    HASH_LEAD = 64 * 1024 * 1024 /* hashing and parsing stay this close, to share the page cache */
};

struct csv {
    char delimiter;
    mlg_index_add *add;
    char *carry; /* bytes read that no block has taken yet; they begin with a record */
    size_t carry_size, carry_capacity;
    unsigned long line; /* of the first of them */
    bool ended;         /* the source has no more bytes */
};

static int no_memory(const struct mlg_reader *reader, struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory to read '%s'", reader->shown);
}

static struct mlg_place at(const struct mlg_reader *reader, unsigned long line)
{
    return (struct mlg_place){.file = reader->shown, .line = line};
}

static unsigned long line_feeds(const char *text, size_t size)
{
    unsigned long count = 0;
    const char *end = text + size, *found;
    while (text < end && (found = memchr(text, '\n', (size_t)(end - text)))) {
        count++;
        text = found + 1;
    }
    return count;
}

/* ---- the header line ------------------------------------------------------------------------------ */

static bool reserve(char **bytes, size_t *capacity, size_t needed)
{
    if (needed <= *capacity)
        return true;
    size_t larger = *capacity + *capacity / 2;
    if (larger < needed)
        larger = needed;
    char *moved = realloc(*bytes, larger);
    if (!moved)
        return false;
    *bytes = moved;
    *capacity = larger;
    return true;
}

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
        if (!reserve(&csv->carry, &csv->carry_capacity, csv->carry_size + reader->tuning.block))
            return no_memory(reader, error);
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
        no_memory(reader, error);
    else
        reader->names[reader->name_count++] = name;
    return name ? next : NULL;
}

static int refuse_twins(const struct mlg_reader *reader, struct mlg_error *error)
{
    struct mlg_dictionary *dictionary = mlg_dictionary_new(reader->name_count);
    int code = dictionary ? 0 : no_memory(reader, error);
    for (size_t i = 0; i < reader->name_count && !code; i++) {
        uint32_t first = mlg_dictionary_code(dictionary, reader->names[i], strlen(reader->names[i]));
        if (first == MLG_NO_CODE)
            code = no_memory(reader, error);
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
        return no_memory(reader, error);
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
        return no_memory(reader, error);
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
    csv->line = 1 + line_feeds(csv->carry, next);
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

struct pass {
    struct mlg_reader *reader;
    struct csv *csv;
    const struct mlg_read_order *order;
    size_t *turns; /* the requests in the order of their columns in the file */
    bool shared;   /* several workers */
    pthread_mutex_t lock;
    pthread_cond_t moved;
    /* Under the lock: */
    uint64_t next_block;
    bool spent;            /* no more blocks */
    uint64_t failed_block; /* UINT64_MAX: none */
    struct mlg_error failure;
    struct mlg_read_summary *summary;
    uint64_t *missing;
    uint64_t parsed, hashed; /* bytes */
    unsigned parsing;        /* workers at work */
    bool hashing;
};

struct worker {
    struct pass *pass;
    size_t number; /* of the worker */

    char *memory; /* text, with room on both sides */
    size_t memory_size;
    char *text;
    size_t size;
    uint32_t *positions_memory;
    size_t positions_room;
    struct mlg_index index;
    size_t skipped;   /* separators of the first record that were counted, not kept */
    size_t line_ends; /* how many of the entries taken end a record; SIZE_MAX: not counted */

    uint64_t block;     /* number of the block */
    unsigned long line; /* of its first byte */
    size_t records;
    bool troubled; /* after these records comes an error */
    struct mlg_error trouble;

    struct mlg_column *columns;     /* per request */
    struct mlg_cell_cache **caches; /* per request; NULL but for codes */
    struct mlg_cell_room *rooms;    /* per request; of texts: they stay as long as the batch */
    struct mlg_cell_room room;
    unsigned char dropped[MLG_BATCH_ROWS];
    uint32_t order[MLG_BATCH_ROWS]; /* the records behind the rows, once rows were dropped */
    double numbers[MLG_BATCH_ROWS]; /* a column while its rows are moved */
    uint32_t codes[MLG_BATCH_ROWS];
    struct mlg_text texts[MLG_BATCH_ROWS];
    uint64_t *missing;
    uint64_t rows, rows_dropped;
};

static void lock(struct pass *pass)
{
    if (pass->shared)
        pthread_mutex_lock(&pass->lock);
}

static void unlock(struct pass *pass)
{
    if (pass->shared)
        pthread_mutex_unlock(&pass->lock);
}

static void fail(struct pass *pass, uint64_t block, const struct mlg_error *error)
{
    lock(pass);
    if (block < pass->failed_block) {
        pass->failed_block = block;
        pass->failure = *error;
    }
    if (pass->shared)
        pthread_cond_broadcast(&pass->moved);
    unlock(pass);
}

/* ---- taking a block --------------------------------------------------------------------------------- */

static bool room_for(struct worker *worker, size_t bytes)
{
    size_t needed = worker->size + bytes + 2 * MLG_CELL_PAD;
    if (needed > worker->memory_size) {
        size_t larger = worker->memory_size + worker->memory_size / 2;
        if (larger < needed)
            larger = needed;
        char *memory = realloc(worker->memory, larger);
        if (!memory)
            return false;
        if (worker->memory_size == 0)
            memset(memory, 0, MLG_CELL_PAD);
        worker->memory = memory;
        worker->memory_size = larger;
        worker->text = memory + MLG_CELL_PAD;
    }
    return worker->text != NULL;
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
    return at(worker->pass->reader, worker->line + line_feeds(worker->text, offset));
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
                     worker->pass->reader->tuning.line_bytes);
}

static void tell_ragged(struct worker *worker, size_t start, size_t fields)
{
    size_t expected = worker->pass->reader->name_count;
    worker->troubled = true;
    mlg_error_at(&worker->trouble, MLG_DATA, place_at(worker, start), "row has %zu field%s, expected %zu",
                 fields, fields == 1 ? "" : "s", expected);
}

/* Reads and indexes until a record is whole. Returns the number of entries of whole records. */
static size_t fill(struct worker *worker)
{
    const struct pass *pass = worker->pass;
    struct mlg_reader *reader = pass->reader;
    struct csv *csv = pass->csv;
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
                no_memory(reader, &worker->trouble);
            if (got < 0) {
                worker->troubled = true;
                return whole_entries(worker);
            }
            worker->size += (size_t)got;
            csv->ended = (size_t)got < block;
        }
        if (!room_for_positions(worker, worker->size - indexed)) {
            worker->troubled = true;
            no_memory(reader, &worker->trouble);
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
    const size_t columns = worker->pass->reader->name_count;
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

/* Under the lock: fills the worker's text with the next whole records, and leaves the rest behind. */
static size_t take_text(struct worker *worker)
{
    struct pass *pass = worker->pass;
    struct csv *csv = pass->csv;
    worker->block = pass->next_block++;
    worker->line = csv->line;
    worker->size = worker->skipped = worker->records = worker->line_ends = 0;
    worker->troubled = false;
    size_t block = pass->reader->tuning.block;
    if (worker->memory_size > 8 * (block + csv->carry_size) + MLG_CELL_PAD) { /* after a giant line */
        free(worker->memory);
        worker->memory = NULL;
        worker->memory_size = 0;
    }
    if (!room_for(worker, csv->carry_size + block)) {
        worker->troubled = pass->spent = true;
        no_memory(pass->reader, &worker->trouble);
        return 0;
    }
    if (csv->carry_size > 0)
        memcpy(worker->text, csv->carry, csv->carry_size);
    worker->size = csv->carry_size;
    csv->carry_size = 0;
    size_t entries = fill(worker);
    if (csv->ended && !worker->troubled)
        entries = finish_last(worker, entries);
    if (csv->ended || worker->troubled) {
        pass->spent = true;
        return entries;
    }
    size_t cut = end_of(worker, entries), rest = worker->size - cut;
    if (!reserve(&csv->carry, &csv->carry_capacity, rest)) {
        worker->troubled = pass->spent = true;
        no_memory(pass->reader, &worker->trouble);
        return entries;
    }
    if (rest > 0)
        memcpy(csv->carry, worker->text + cut, rest);
    csv->carry_size = rest;
    csv->line += worker->index.line_feeds - line_feeds(csv->carry, rest);
    return entries;
}

/* Parsing does not run away from hashing, which reads the same pages again; hashing is alike. */
static void keep_step(struct pass *pass)
{
    while (pass->hashing && pass->parsed > pass->hashed + HASH_LEAD && pass->failed_block == UINT64_MAX)
        pthread_cond_wait(&pass->moved, &pass->lock);
}

static bool take(struct worker *worker)
{
    struct pass *pass = worker->pass;
    lock(pass);
    if (pass->shared)
        keep_step(pass);
    bool taken = !pass->spent && pass->failed_block == UINT64_MAX;
    size_t entries = 0;
    if (taken) {
        entries = take_text(worker);
        pass->parsed += worker->size;
        if (pass->shared)
            pthread_cond_broadcast(&pass->moved);
    }
    unlock(pass);
    if (taken)
        find_records(worker, entries);
    return taken;
}

/* ---- decoding --------------------------------------------------------------------------------------- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

/* "19,936.05", "1,234,567": commas that cannot be decimal marks. ("1,234" can.) */
static bool has_thousands(const struct mlg_cell *cell)
{
    const char *comma = memchr(cell->text, ',', cell->size);
    if (!comma)
        return false;
    size_t behind = cell->size - (size_t)(comma + 1 - cell->text);
    return memchr(comma + 1, '.', behind) || memchr(comma + 1, ',', behind);
}

static void tell_cell(struct worker *worker, size_t record, size_t request_index,
                      enum mlg_cell_outcome outcome)
{
    struct mlg_reader *reader = worker->pass->reader;
    const struct mlg_read_order *order = worker->pass->order;
    const struct mlg_column_request *request = &order->requests[request_index];
    struct mlg_records records = {worker->text, worker->index.positions, reader->name_count};
    struct mlg_cell cell = mlg_cell_at(&records, record, order->columns[request_index]);
    struct mlg_place place = place_at(worker, (size_t)(cell.text - worker->text));
    struct mlg_error *error = &worker->trouble;
    worker->troubled = true;
    const char *open = request->role ? " (" : "", *role = request->role ? request->role : "",
               *close = request->role ? ")" : "";
    if (!mlg_cell_unquote(&cell, &worker->room))
        outcome = MLG_CELL_NO_MEMORY;
    int shown = cell.size < VALUE_SHOWN ? (int)cell.size : VALUE_SHOWN;
    const char *more = cell.size > VALUE_SHOWN ? "…" : "";
    const char *hint = "decimal numbers such as 0.25 or 1e-3 are accepted";
    switch (outcome) {
    case MLG_CELL_MISSING:
        if (request->is_key)
            mlg_error_at(error, MLG_DATA, place,
                         "missing value%s%.*s%s in column '%s'%s%s%s; rows are matched by it, so that every "
                         "row needs one",
                         cell.size ? " '" : "", shown, cell.text, cell.size ? "'" : "", request->name, open,
                         role, close);
        else
            mlg_error_at(
                error, MLG_DATA, place,
                "missing value%s%.*s%s in column '%s'%s%s%s; with %s such rows are left out and counted",
                cell.size ? " '" : "", shown, cell.text, cell.size ? "'" : "", request->name, open, role,
                close, reader->options.from_flags ? "--missing drop" : "'missing: drop'");
        break;
    case MLG_CELL_NOT_A_NUMBER:
        if (cell.size > 0 && (is_space(cell.text[0]) || is_space(cell.text[cell.size - 1])))
            hint = "a number stands alone, without spaces";
        else if (reader->options.decimal == ',')
            hint = "numbers with a decimal comma such as 0,25 are accepted";
        else if (has_thousands(&cell))
            hint = "thousands are written without a mark between them";
        else if (memchr(cell.text, ',', cell.size))
            hint = reader->options.from_flags ? "a decimal comma is accepted with --decimal ,"
                                              : "a decimal comma is accepted with 'decimal: \",\"'";
        mlg_error_at(error, MLG_DATA, place, "value '%.*s%s' in column '%s'%s%s%s is not a number; %s", shown,
                     cell.text, more, request->name, open, role, close, hint);
        break;
    case MLG_CELL_NOT_FINITE:
        mlg_error_at(error, MLG_DATA, place,
                     "value '%.*s%s' in column '%s'%s%s%s is not finite; finite numbers are accepted", shown,
                     cell.text, more, request->name, open, role, close);
        break;
    case MLG_CELL_TOO_MANY_VALUES:
        mlg_error_at(error, MLG_LIMIT, place, "column '%s'%s%s%s has more than %zu distinct values",
                     request->name, open, role, close,
                     mlg_dictionary_limit(order->dictionaries[worker->number][request->dictionary]));
        break;
    default:
        no_memory(reader, error);
    }
}

static size_t record_of_row(const struct mlg_batch_inside *inside, size_t row)
{
    return inside->first + (inside->order ? inside->order[row] : row);
}

static struct mlg_place place_of_row(const struct mlg_batch_inside *inside, size_t row)
{
    const struct worker *worker = inside->origin;
    size_t record = record_of_row(inside, row);
    return place_at(worker, end_of(worker, record * worker->pass->reader->name_count));
}

/* Blocks are cut the same way for any number of workers, and hold fewer records than 32 bits count. */
static uint64_t position_of_row(const struct mlg_batch_inside *inside, size_t row)
{
    const struct worker *worker = inside->origin;
    return worker->block << 32 | record_of_row(inside, row);
}

/* Moves the rows that are dropped behind the others, both in their order; returns how many the others are. */
static size_t drop_rows(struct worker *worker, size_t count)
{
    const struct mlg_read_order *order = worker->pass->order;
    const size_t rows = mlg_order_dropped(worker->dropped, count, worker->order);
    for (size_t k = 0; k < order->count && rows < count; k++) {
        double *numbers = (double *)(uintptr_t)worker->columns[k].numbers;
        uint32_t *codes = (uint32_t *)(uintptr_t)worker->columns[k].codes;
        struct mlg_text *texts = (struct mlg_text *)(uintptr_t)worker->columns[k].texts;
        if (texts) {
            memcpy(worker->texts, texts, count * sizeof *texts);
            for (size_t i = 0; i < count; i++)
                texts[i] = worker->texts[worker->order[i]];
        } else if (numbers) {
            memcpy(worker->numbers, numbers, count * sizeof *numbers);
            for (size_t i = 0; i < count; i++)
                numbers[i] = worker->numbers[worker->order[i]];
        } else {
            memcpy(worker->codes, codes, count * sizeof *codes);
            for (size_t i = 0; i < count; i++)
                codes[i] = worker->codes[worker->order[i]];
        }
    }
    return rows;
}

/* Decodes at most MLG_BATCH_ROWS records and hands them to the sink. Returns 0, or the error's code. */
static int feed(struct worker *worker, size_t first, size_t count, struct mlg_error *error)
{
    const struct pass *pass = worker->pass;
    const struct mlg_read_order *order = pass->order;
    size_t good = count;
    memset(worker->dropped, 0, count);
    uint64_t missing_before = 0, missing_after = 0;
    for (size_t turn = 0; turn < order->count; turn++) {
        /* Columns in the order of the file, each as far as the ones before were good: the error that
         * remains is the first in the file. */
        size_t k = pass->turns[turn];
        const struct mlg_column_request *request = &order->requests[k];
        enum mlg_cell_outcome outcome = MLG_CELL_DECODED;
        struct mlg_decoding decoding = {
            .records = {worker->text, worker->index.positions, pass->reader->name_count},
            .column = order->columns[k],
            .first = first,
            .count = good,
            .decimal = pass->reader->options.decimal,
            .on_missing = request->on_missing,
            .room = &worker->room,
            .dropped = worker->dropped,
            .missing = &worker->missing[k],
            .cache = worker->caches[k],
        };
        missing_before += worker->missing[k];
        size_t decoded;
        if (request->decode == MLG_DECODE_NUMBER) {
            decoded =
                mlg_decode_numbers(&decoding, (double *)(uintptr_t)worker->columns[k].numbers, &outcome);
        } else if (request->decode == MLG_DECODE_TEXT) {
            decoding.room = &worker->rooms[k];
            decoded =
                mlg_decode_texts(&decoding, (struct mlg_text *)(uintptr_t)worker->columns[k].texts, &outcome);
        } else {
            decoding.dictionary = order->dictionaries[worker->number][request->dictionary];
            decoded = mlg_decode_codes(&decoding, (uint32_t *)(uintptr_t)worker->columns[k].codes, &outcome);
        }
        missing_after += worker->missing[k];
        if (decoded < good) {
            good = decoded;
            tell_cell(worker, first + good, k, outcome);
        }
    }
    size_t rows = missing_after > missing_before ? drop_rows(worker, good) : good;
    worker->rows += rows;
    worker->rows_dropped += good - rows;
    if (good > 0) {
        struct mlg_batch_inside inside = {
            .batch = {.rows = rows,
                      .dropped = good - rows,
                      .columns = worker->columns,
                      .dictionaries = order->dictionary_count ? order->dictionaries[worker->number] : NULL,
                      .dictionary_count = order->dictionary_count},
            .place = place_of_row,
            .position = position_of_row,
            .origin = worker,
            .first = first,
            .order = rows < good ? worker->order : NULL,
        };
        int code =
            order->sink(order->contexts ? order->contexts[worker->number] : NULL, &inside.batch, error);
        if (code)
            return code;
    }
    if (good < count) {
        *error = worker->trouble;
        return (int)worker->trouble.code;
    }
    return 0;
}

static int feed_block(struct worker *worker, struct mlg_error *error)
{
    for (size_t first = 0; first < worker->records; first += MLG_BATCH_ROWS) {
        size_t count = worker->records - first;
        int code = feed(worker, first, count < MLG_BATCH_ROWS ? count : MLG_BATCH_ROWS, error);
        if (code)
            return code;
    }
    if (worker->troubled)
        *error = worker->trouble;
    return worker->troubled ? (int)worker->trouble.code : 0;
}

/* ---- a worker's life ---------------------------------------------------------------------------------- */

static void worker_free(struct worker *worker)
{
    if (!worker)
        return;
    for (size_t k = 0; worker->columns && k < worker->pass->order->count; k++) {
        free((void *)(uintptr_t)worker->columns[k].numbers);
        free((void *)(uintptr_t)worker->columns[k].codes);
        free((void *)(uintptr_t)worker->columns[k].texts);
        if (worker->caches)
            free(worker->caches[k]);
        if (worker->rooms)
            free(worker->rooms[k].bytes);
    }
    free(worker->columns);
    free(worker->caches);
    free(worker->rooms);
    free(worker->missing);
    free(worker->room.bytes);
    free(worker->memory);
    free(worker->positions_memory);
    free(worker);
}

static struct worker *worker_new(struct pass *pass, size_t number)
{
    const struct mlg_read_order *order = pass->order;
    struct worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        return NULL;
    worker->pass = pass;
    worker->number = number;
    worker->columns = calloc(order->count + 1, sizeof *worker->columns);
    worker->caches = calloc(order->count + 1, sizeof *worker->caches);
    worker->rooms = calloc(order->count + 1, sizeof *worker->rooms);
    worker->missing = calloc(order->count + 1, sizeof *worker->missing);
    bool whole = worker->columns && worker->caches && worker->rooms && worker->missing;
    for (size_t k = 0; whole && k < order->count; k++) {
        if (order->requests[k].decode == MLG_DECODE_NUMBER) {
            worker->columns[k].numbers = malloc(MLG_BATCH_ROWS * sizeof(double));
            whole = worker->columns[k].numbers;
        } else if (order->requests[k].decode == MLG_DECODE_TEXT) {
            worker->columns[k].texts = malloc(MLG_BATCH_ROWS * sizeof(struct mlg_text));
            whole = worker->columns[k].texts;
        } else {
            worker->columns[k].codes = malloc(MLG_BATCH_ROWS * sizeof(uint32_t));
            worker->caches[k] = malloc(sizeof *worker->caches[k]);
            whole = worker->columns[k].codes && worker->caches[k];
            if (whole)
                mlg_cell_cache_clear(worker->caches[k]);
        }
    }
    if (!whole) {
        worker_free(worker);
        return NULL;
    }
    return worker;
}

static void work(struct pass *pass, size_t number)
{
    struct worker *worker = worker_new(pass, number);
    if (!worker) {
        struct mlg_error error = {0};
        no_memory(pass->reader, &error);
        fail(pass, 0, &error);
        return;
    }
    lock(pass);
    pass->parsing++;
    unlock(pass);
    while (take(worker)) {
        struct mlg_error error = {0};
        int code = feed_block(worker, &error);
        if (code) {
            if (error.code == MLG_OK)
                error.code = (enum mlg_code)code;
            fail(pass, worker->block, &error);
            break;
        }
    }
    lock(pass);
    pass->parsing--;
    pass->summary->rows += worker->rows;
    pass->summary->dropped += worker->rows_dropped;
    for (size_t k = 0; k < pass->order->count; k++)
        pass->missing[k] += worker->missing[k];
    if (pass->shared)
        pthread_cond_broadcast(&pass->moved);
    unlock(pass);
    worker_free(worker);
}

/* Hashes the file beside the workers, on a thread of its own where there is one. */
static void hash_beside(struct pass *pass)
{
    struct mlg_error error = {0};
    char *buffer = malloc(HASH_BYTES);
    if (!buffer) {
        no_memory(pass->reader, &error);
        fail(pass, UINT64_MAX - 1, &error);
        return;
    }
    bool stop = false;
    lock(pass);
    pass->hashing = true;
    unlock(pass);
    while (!stop) {
        int64_t got = mlg_source_hash_beside(pass->reader->source, buffer, HASH_BYTES, &error);
        if (got < 0)
            fail(pass, UINT64_MAX - 1, &error);
        lock(pass);
        pass->hashed += got > 0 ? (uint64_t)got : 0;
        stop = got <= 0 || pass->failed_block != UINT64_MAX;
        pass->hashing = !stop;
        pthread_cond_broadcast(&pass->moved);
        while (!stop && pass->parsing > 0 && pass->hashed > pass->parsed + HASH_LEAD)
            pthread_cond_wait(&pass->moved, &pass->lock);
        unlock(pass);
    }
    free(buffer);
}

static void task(void *context, size_t index)
{
    struct pass *pass = context;
    if (index < pass->order->threads)
        work(pass, index);
    else
        hash_beside(pass);
}

static size_t *turns_of(const struct mlg_reader *reader, const struct mlg_read_order *order)
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

static int csv_read(struct mlg_reader *reader, const struct mlg_read_order *asked,
                    struct mlg_read_summary *summary, uint64_t *missing, struct mlg_error *error)
{
    struct csv *csv = reader->state;
    struct mlg_read_order order = *asked;
    int64_t size = mlg_source_plain_size(reader->source);
    if (csv->ended || (size >= 0 && (uint64_t)size < reader->tuning.threads_from))
        order.threads = 1; /* a thread costs more than a small file */
    struct pass pass = {
        .reader = reader,
        .csv = csv,
        .order = &order,
        .turns = turns_of(reader, &order),
        .shared = order.threads > 1,
        .failed_block = UINT64_MAX,
        .summary = summary,
        .missing = missing,
    };
    if (!pass.turns)
        return no_memory(reader, error);
    bool beside = pass.shared && size >= 0 && !reader->options.without_hash;
    if (!beside) {
        int code = mlg_source_hash_along(reader->source, error);
        if (code)
            return code;
    }
    if (pass.shared) {
        unsigned tasks = order.threads + beside;
        pthread_mutex_init(&pass.lock, NULL);
        pthread_cond_init(&pass.moved, NULL);
        mlg_parallel(tasks, tasks, task, &pass);
        pthread_cond_destroy(&pass.moved);
        pthread_mutex_destroy(&pass.lock);
    } else {
        work(&pass, 0);
    }
    if (pass.failed_block == UINT64_MAX)
        return 0;
    *error = pass.failure;
    return (int)pass.failure.code;
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

const struct mlg_format mlg_format_csv = {"csv", csv_bid, csv_open, csv_read, csv_close};
const struct mlg_format mlg_format_tsv = {"tsv", tsv_bid, csv_open, csv_read, csv_close};
