/* jsonl: JSON lines, one flat object a line, in blocks of whole lines.
 *
 * A column is a key of any line, so that all of the file is read before it has names: it is held in memory,
 * and one that is too large for that is read twice. A line is then written as a record of cells, those that
 * are asked for, as CSV has them: what a line lacks, null and an empty text are missing, and numbers and
 * words stand as they are written. No line feed stands within a line but as an escape, so that blocks are cut
 * at any.
 *
 * What is accepted: LF or CRLF ends a line, the last one may lack it, blank lines are skipped; a UTF-8 byte
 * order mark is too. An object or an array within a line is no cell; it is an error where its column is asked
 * for.
 */
#include <stdlib.h>
#include <string.h>

#include "blocks.h"
#include "mlgate/json.h"
#include "source.h"

enum { COLUMNS_LIMIT = 1 << 20, CELLS_LIMIT = 1 << 30 };

/* Whole lines. */
struct chunk {
    char *bytes; /* malloc'd */
    size_t size, capacity;
    unsigned long line; /* of the first byte */
};

struct jsonl {
    char *held; /* malloc'd; all of the file */
    size_t held_size, held_capacity, held_at;
    bool is_held;                 /* it is read from there */
    struct mlg_dictionary *names; /* holds as many as it may, so that workers look and change nothing */
    char *carry;                  /* bytes read that no chunk has taken yet; they begin with a line */
    size_t carry_size, carry_capacity;
    unsigned long line; /* of the first of them */
    bool ended;         /* there are no more bytes */
};

/* ---- lines ------------------------------------------------------------------------------------------ */

static int64_t read_bytes(struct mlg_reader *reader, char *buffer, size_t size, struct mlg_error *error)
{
    struct jsonl *jsonl = reader->state;
    if (!jsonl->is_held)
        return mlg_source_read(reader->source, buffer, size, error);
    const size_t rest = jsonl->held_size - jsonl->held_at;
    size = size < rest ? size : rest;
    if (size > 0 && jsonl->held)
        memcpy(buffer, jsonl->held + jsonl->held_at, size);
    jsonl->held_at += size;
    return (int64_t)size;
}

static size_t last_line_end(const char *bytes, size_t size)
{
    while (size > 0 && bytes[size - 1] != '\n')
        size--;
    return size;
}

/* The next whole lines; of none the size is 0. */
static int take_lines(struct mlg_reader *reader, struct chunk *chunk, struct mlg_error *error)
{
    struct jsonl *jsonl = reader->state;
    const size_t block = reader->tuning.block;
    size_t whole = 0;
    chunk->line = jsonl->line;
    chunk->size = 0;
    if (!mlg_blocks_reserve(&chunk->bytes, &chunk->capacity, jsonl->carry_size + block))
        return mlg_reader_no_memory(reader, error);
    if (jsonl->carry_size > 0)
        memcpy(chunk->bytes, jsonl->carry, jsonl->carry_size);
    size_t size = jsonl->carry_size;
    jsonl->carry_size = 0;
    while (whole == 0 && !jsonl->ended) {
        if (!mlg_blocks_reserve(&chunk->bytes, &chunk->capacity, size + block))
            return mlg_reader_no_memory(reader, error);
        const int64_t got = read_bytes(reader, chunk->bytes + size, block, error);
        if (got < 0)
            return error->code ? (int)error->code : MLG_WORLD;
        jsonl->ended = (size_t)got < block;
        whole = last_line_end(chunk->bytes + size, (size_t)got);
        whole += whole > 0 ? size : 0;
        size += (size_t)got;
        if (whole == 0 && !jsonl->ended && size > reader->tuning.line_bytes)
            return mlg_error_at(error, MLG_LIMIT,
                                (struct mlg_place){.file = reader->shown, .line = chunk->line},
                                "line is longer than %zu bytes", reader->tuning.line_bytes);
    }
    chunk->size = jsonl->ended ? size : whole;
    const size_t rest = size - chunk->size;
    if (!mlg_blocks_reserve(&jsonl->carry, &jsonl->carry_capacity, rest))
        return mlg_reader_no_memory(reader, error);
    if (rest > 0)
        memcpy(jsonl->carry, chunk->bytes + chunk->size, rest);
    jsonl->carry_size = rest;
    jsonl->line += mlg_blocks_line_feeds(chunk->bytes, chunk->size);
    return 0;
}

/* A line of a chunk, its blanks at the end left out. */
struct line {
    const char *text;
    size_t size;
    unsigned long number;
};

/* The next line that is not blank; false: there is none. `at` and `number` go on behind it. */
static bool next_line(const struct chunk *chunk, size_t *at, unsigned long *number, struct line *line)
{
    while (*at < chunk->size) {
        const char *text = chunk->bytes + *at, *stop = memchr(text, '\n', chunk->size - *at);
        size_t size = stop ? (size_t)(stop - text) : chunk->size - *at;
        *at += size + (stop != NULL);
        ++*number;
        while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\t' || text[size - 1] == '\r'))
            size--;
        if (size == 0 || (size == 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0))
            continue;
        *line = (struct line){text, size, *number - 1};
        return true;
    }
    return false;
}

/* ---- objects ---------------------------------------------------------------------------------------- */

/* Keys of lines, and which columns they name. */
struct keys {
    const struct mlg_reader *reader;
    struct mlg_dictionary *names;
    struct mlg_json document;
    char *text; /* a key with its escapes undone */
    size_t text_capacity;
    uint32_t *columns; /* of the values of the object in its order; mostly those of the line before */
    size_t column_count, column_capacity;
    uint64_t *seen; /* per column: the number of the last object that has it, from 1 */
    bool *nested;   /* per column: an object or an array was there; as many as `seen` */
    bool is_nested; /* is there such a column? */
    size_t seen_capacity;
    uint64_t objects;
};

static struct mlg_place place_in(const struct keys *keys, const struct line *line, const char *at)
{
    return (struct mlg_place){keys->reader->shown, line->number, (unsigned)(at - line->text) + 1};
}

static void free_keys(struct keys *keys)
{
    mlg_json_free(&keys->document);
    free(keys->text);
    free(keys->columns);
    free(keys->seen);
    free(keys->nested);
}

/* `problem` NULL: it is JSON of another kind. */
static int tell_no_object(const struct keys *keys, const struct line *line,
                          const struct mlg_json_problem *problem, struct mlg_error *error)
{
    const char *at = line->text, *end = line->text + line->size;
    if (problem && !problem->what)
        return mlg_reader_no_memory(keys->reader, error);
    while (at < end && strchr(" \t\r\xef\xbb\xbf", *at) && *at)
        at++;
    if (at < end && *at == '[')
        return mlg_error_at(error, MLG_DATA, place_in(keys, line, at),
                            "an array stands here; JSON lines are objects, one to a line, as jq -c '.[]' "
                            "writes those of an array");
    if (at < end && *at == '{' && problem)
        return mlg_error_at(error, MLG_DATA, place_in(keys, line, line->text + problem->at),
                            "no JSON: %s; JSON lines are whole objects, one to a line, as jq -c . writes "
                            "them",
                            problem->what);
    return mlg_error_at(error, MLG_DATA, place_in(keys, line, at),
                        "no object stands here; JSON lines are objects, one to a line, such as "
                        "{\"label\": 1, \"score\": 0.5}");
}

static bool see(struct keys *keys, uint32_t column, bool *is_twin)
{
    if (column >= keys->seen_capacity) {
        const size_t capacity = 2 * (size_t)column + 64;
        uint64_t *seen = realloc(keys->seen, capacity * sizeof *seen);
        if (!seen)
            return false;
        memset(seen + keys->seen_capacity, 0, (capacity - keys->seen_capacity) * sizeof *seen);
        keys->seen = seen;
        bool *nested = realloc(keys->nested, capacity * sizeof *nested);
        if (!nested)
            return false;
        memset(nested + keys->seen_capacity, 0, (capacity - keys->seen_capacity) * sizeof *nested);
        keys->nested = nested;
        keys->seen_capacity = capacity;
    }
    *is_twin = keys->seen[column] == keys->objects;
    keys->seen[column] = keys->objects;
    return true;
}

/* The column of a key, which is looked for first where the line before had it. */
static int find_column(struct keys *keys, const struct line *line, const struct mlg_json_value *value,
                       size_t index, uint32_t *column, struct mlg_error *error)
{
    const bool is_plain = !memchr(value->key, '\\', value->key_size);
    if (is_plain && index < keys->column_count) {
        size_t size;
        const char *name = mlg_dictionary_text(keys->names, keys->columns[index], &size);
        *column = keys->columns[index];
        if (size == value->key_size && memcmp(name, value->key, size) == 0)
            return 0;
    }
    if (!mlg_blocks_reserve(&keys->text, &keys->text_capacity, (size_t)value->key_size + 1))
        return mlg_reader_no_memory(keys->reader, error);
    const size_t size = mlg_json_text_mean(value->key, value->key_size, keys->text);
    if (memchr(keys->text, '\0', size))
        return mlg_error_at(error, MLG_DATA, place_in(keys, line, value->key - 1),
                            "a key holds the character \\u0000, which no name of a column can");
    *column = mlg_dictionary_code(keys->names, keys->text, size);
    if (index == keys->column_capacity) {
        const size_t capacity = 2 * keys->column_capacity + 16;
        uint32_t *columns = realloc(keys->columns, capacity * sizeof *columns);
        if (!columns)
            return mlg_reader_no_memory(keys->reader, error);
        keys->columns = columns;
        keys->column_capacity = capacity;
    }
    if (*column != MLG_NO_CODE) {
        keys->columns[index] = *column;
        keys->column_count = index < keys->column_count ? keys->column_count : index + 1;
    }
    return 0;
}

/* Reads the object of a line into keys->document, and calls `take` for each of its values. */
static int read_line(struct keys *keys, const struct line *line,
                     int (*take)(void *self, uint32_t column, uint32_t value, struct mlg_error *error),
                     void *self, struct mlg_error *error)
{
    struct mlg_json_problem problem;
    if (!mlg_json_read(line->text, line->size, &keys->document, &problem))
        return tell_no_object(keys, line, &problem, error);
    const struct mlg_json_value *values = keys->document.values;
    if (values[0].type != '{')
        return tell_no_object(keys, line, NULL, error);
    keys->objects++;
    size_t index = 0;
    for (uint32_t i = 1; i < values[0].end; i = values[i].end, index++) {
        uint32_t column = MLG_NO_CODE;
        bool is_twin = false;
        int code = find_column(keys, line, &values[i], index, &column, error);
        if (!code && column != MLG_NO_CODE && !see(keys, column, &is_twin))
            code = mlg_reader_no_memory(keys->reader, error);
        if (!code && is_twin)
            code = mlg_error_at(error, MLG_DATA, place_in(keys, line, values[i].key - 1),
                                "key '%s' stands twice in this line",
                                mlg_dictionary_text(keys->names, column, NULL));
        if (!code)
            code = take(self, column, i, error);
        if (code)
            return code;
    }
    return 0;
}

/* ---- the names -------------------------------------------------------------------------------------- */

static int take_name(void *self, uint32_t column, uint32_t value, struct mlg_error *error)
{
    struct keys *keys = self;
    const char type = keys->document.values[value].type;
    if (column == MLG_NO_CODE)
        return mlg_error_set(error, MLG_LIMIT, "'%s' has more than %d columns, or no memory is left",
                             keys->reader->shown, (int)COLUMNS_LIMIT);
    if (type == '{' || type == '[')
        keys->nested[column] = keys->is_nested = true;
    return 0;
}

/* Keeps what was read, as far as that is allowed; `holds` becomes false where it is not. */
static int hold(struct mlg_reader *reader, const struct chunk *chunk, bool *holds, struct mlg_error *error)
{
    struct jsonl *jsonl = reader->state;
    const bool is_file = mlg_source_is_file(reader->source);
    const size_t most = is_file ? reader->tuning.held_bytes : reader->tuning.held_stream_bytes;
    if (!*holds)
        return 0;
    if (chunk->size <= most && jsonl->held_size <= most - chunk->size) {
        if (!mlg_blocks_reserve(&jsonl->held, &jsonl->held_capacity, jsonl->held_size + chunk->size))
            return mlg_reader_no_memory(reader, error);
        if (chunk->size > 0)
            memcpy(jsonl->held + jsonl->held_size, chunk->bytes, chunk->size);
        jsonl->held_size += chunk->size;
        return 0;
    }
    if (!is_file)
        return mlg_error_set(error, MLG_LIMIT,
                             "'%s' is longer than %zu MiB, up to which JSON lines are held that cannot be "
                             "read twice; name a file",
                             reader->shown, most >> 20);
    *holds = false;
    free(jsonl->held);
    jsonl->held = NULL;
    jsonl->held_size = jsonl->held_capacity = 0;
    return 0;
}

static int find_names(struct mlg_reader *reader, struct keys *keys, bool *holds, struct mlg_error *error)
{
    struct jsonl *jsonl = reader->state;
    struct chunk chunk = {0};
    int code;
    *holds = true;
    do {
        struct line line;
        size_t at = 0;
        code = take_lines(reader, &chunk, error);
        if (!code)
            code = hold(reader, &chunk, holds, error);
        unsigned long number = chunk.line;
        while (!code && next_line(&chunk, &at, &number, &line))
            code = read_line(keys, &line, take_name, keys, error);
    } while (!code && !jsonl->ended);
    free(chunk.bytes);
    return code;
}

/* The names, and a dictionary that is full with them. */
static int keep_names(struct mlg_reader *reader, const struct keys *keys, struct mlg_error *error)
{
    struct jsonl *jsonl = reader->state;
    const struct mlg_dictionary *found = keys->names;
    const size_t count = mlg_dictionary_count(found);
    bool *nested = keys->is_nested ? MLG_NEW_ARRAY(reader->arena, bool, count) : NULL;
    reader->names = MLG_NEW_ARRAY(reader->arena, const char *, count);
    jsonl->names = mlg_dictionary_new(count);
    if (!reader->names || !jsonl->names || (keys->is_nested && !nested))
        return mlg_reader_no_memory(reader, error);
    for (size_t i = 0; i < count; i++) {
        size_t size;
        const char *name = mlg_dictionary_text(found, (uint32_t)i, &size);
        reader->names[i] = mlg_arena_copy(reader->arena, name, size);
        if (!reader->names[i] || mlg_dictionary_code(jsonl->names, name, size) != i)
            return mlg_reader_no_memory(reader, error);
    }
    if (nested)
        memcpy(nested, keys->nested, count * sizeof *nested);
    reader->name_count = count;
    reader->nested = nested;
    return 0;
}

static int jsonl_open(struct mlg_reader *reader, struct mlg_error *error)
{
    struct jsonl *jsonl = MLG_NEW(reader->arena, struct jsonl);
    struct keys keys = {.reader = reader, .names = mlg_dictionary_new(COLUMNS_LIMIT)};
    bool holds = false;
    int code = jsonl && keys.names ? 0 : mlg_reader_no_memory(reader, error);
    reader->state = jsonl;
    if (!code &&
        reader->options.decimal == ',') /* a delimiter may be that of labels in a file of their own */
        code = mlg_error_set(error, MLG_CONFIG,
                             "'%s' holds JSON lines, whose numbers have a point; leave 'decimal' out",
                             reader->shown);
    if (!code) {
        jsonl->line = 1;
        code = mlg_source_hash_along(reader->source, error);
    }
    if (!code)
        code = find_names(reader, &keys, &holds, error);
    if (!code && keys.objects == 0)
        code = mlg_error_set(error, MLG_DATA,
                             "'%s' is empty; lines such as {\"label\": 1, \"score\": 0.5} are needed",
                             reader->shown);
    if (!code && mlg_dictionary_count(keys.names) == 0)
        code = mlg_error_set(error, MLG_DATA, "no line of '%s' has a key, so that there are no columns",
                             reader->shown);
    if (!code)
        code = keep_names(reader, &keys, error);
    /* A file that is not what it was explains any other error better than that error does. */
    struct mlg_error own;
    if (code && mlg_source_changed(reader->source, &own)) {
        *error = own;
        code = MLG_WORLD;
    }
    if (!code && !holds)
        code = mlg_source_reopen(&reader->source, reader->arena, error);
    if (!code) {
        jsonl->is_held = holds;
        jsonl->ended = false;
        jsonl->line = 1;
    }
    free_keys(&keys);
    mlg_dictionary_free(keys.names);
    return code;
}

static void jsonl_close(struct mlg_reader *reader)
{
    struct jsonl *jsonl = reader->state;
    mlg_dictionary_free(jsonl->names);
    free(jsonl->held);
    free(jsonl->carry);
}

/* ---- workers ---------------------------------------------------------------------------------------- */

struct worker {
    struct mlg_feed *feed;
    struct mlg_reader *reader;
    struct keys keys;
    struct chunk chunk;
    struct mlg_error trouble; /* behind the records */
    uint32_t *values;         /* per column of the file: the value in the object, 0 for none */
    size_t *fields;           /* per request: its cell in a record */

    char *memory; /* the records, with room on both sides */
    size_t used, memory_size;
    uint32_t *ends; /* of cells, the first of which has one before it; one more cell than requests a record */
    size_t end_count, end_capacity;
    unsigned long *lines; /* per record */
    size_t count, line_capacity;
};

static void jsonl_end(void *self)
{
    struct worker *worker = self;
    free_keys(&worker->keys);
    free(worker->chunk.bytes);
    free(worker->values);
    free(worker->fields);
    free(worker->memory);
    free(worker->ends);
    free(worker->lines);
    free(worker);
}

static void *jsonl_begin(void *self, struct mlg_feed *feed)
{
    struct jsonl *jsonl = self;
    struct worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        return NULL;
    worker->feed = feed;
    worker->reader = feed->reader;
    worker->keys = (struct keys){.reader = feed->reader, .names = jsonl->names};
    worker->values = calloc(feed->reader->name_count, sizeof *worker->values);
    worker->fields = calloc(feed->order->count + 1, sizeof *worker->fields);
    if (!worker->values || !worker->fields) {
        jsonl_end(worker);
        return NULL;
    }
    for (size_t k = 0; k < feed->order->count; k++)
        worker->fields[k] = k;
    return worker;
}

static bool jsonl_take(void *self, size_t *bytes)
{
    struct worker *worker = self;
    const struct jsonl *jsonl = worker->reader->state;
    worker->trouble.code = MLG_OK;
    const int code = take_lines(worker->reader, &worker->chunk, &worker->trouble);
    *bytes = worker->chunk.size;
    if (code)
        worker->trouble.code = (enum mlg_code)code;
    return code || jsonl->ended;
}

/* ---- records ---------------------------------------------------------------------------------------- */

/* Room for a cell of so many bytes, and its mark. */
static int room_for(struct worker *worker, size_t size, struct mlg_error *error)
{
    if (worker->used + size > CELLS_LIMIT)
        return mlg_error_set(error, MLG_LIMIT, "lines of '%s' are too long to be read",
                             worker->reader->shown);
    const bool is_new = !worker->memory;
    if (!mlg_blocks_reserve(&worker->memory, &worker->memory_size, worker->used + size + 2 * MLG_CELL_PAD))
        return mlg_reader_no_memory(worker->reader, error);
    if (is_new)
        memset(worker->memory, 0, MLG_CELL_PAD);
    return 0;
}

static int room_for_ends(struct worker *worker, size_t cells, struct mlg_error *error)
{
    if (worker->end_count + cells >= worker->end_capacity) {
        const size_t capacity = 2 * (worker->end_count + cells) + 64;
        uint32_t *ends = realloc(worker->ends, capacity * sizeof *ends);
        if (!ends)
            return mlg_reader_no_memory(worker->reader, error);
        ends[0] = UINT32_MAX;
        worker->ends = ends;
        worker->end_capacity = capacity;
    }
    if (worker->count == worker->line_capacity) {
        const size_t capacity = 2 * worker->count + 64;
        unsigned long *lines = realloc(worker->lines, capacity * sizeof *lines);
        if (!lines)
            return mlg_reader_no_memory(worker->reader, error);
        worker->lines = lines;
        worker->line_capacity = capacity;
    }
    return 0;
}

/* A text as CSV has it: in quotes, those within it doubled, where it begins with one. Returns the size. */
static size_t quote(char *text, size_t size, bool in_quotes)
{
    size_t quotes = 0;
    if (!in_quotes && (size == 0 || text[0] != '"'))
        return size;
    for (size_t i = 0; i < size; i++)
        quotes += text[i] == '"';
    const size_t outer = in_quotes ? 3 : 1, whole = size + quotes + 2 * outer;
    for (size_t from = size, to = whole - outer; from > 0;) {
        text[--to] = text[--from];
        if (text[to] == '"')
            text[--to] = '"';
    }
    memset(text, '"', outer);
    memset(text + whole - outer, '"', outer);
    return whole;
}

static int put_cell(struct worker *worker, size_t request, const struct line *line, uint32_t index,
                    struct mlg_error *error)
{
    const struct mlg_column_request *asked = &worker->feed->order->requests[request];
    const struct mlg_json_value *value = index > 0 ? &worker->keys.document.values[index] : NULL;
    const size_t most = value && value->type == '"' ? 2 * (size_t)value->text_size + 6
                        : value                     ? value->text_size
                                                    : 0;
    int code = room_for(worker, most + 1, error);
    if (code)
        return code;
    char *out = worker->memory + MLG_CELL_PAD + worker->used;
    size_t size = 0;
    const bool is_nested = value && (value->type == '{' || value->type == '[');
    if (is_nested && !asked->takes_nested)
        return mlg_error_at(error, MLG_DATA, place_in(&worker->keys, line, value->text),
                            "column '%s'%s%s%s holds an %s here; a number, a text, true, false or null is "
                            "accepted",
                            asked->name, asked->role ? " (" : "", asked->role ? asked->role : "",
                            asked->role ? ")" : "", value->type == '{' ? "object" : "array");
    if (value && value->type == '"') {
        size = mlg_json_text_mean(value->text, value->text_size, out);
        if (memchr(out, '\0', size))
            return mlg_error_at(error, MLG_DATA, place_in(&worker->keys, line, value->text - 1),
                                "the text in column '%s' holds the character \\u0000, which no cell can",
                                asked->name);
        size = quote(out, size, asked->in_quotes && asked->decode == MLG_DECODE_TEXT);
    } else if (value && value->type != 'n') {
        memcpy(out, value->text, value->text_size);
        size = value->text_size;
    }
    worker->used += size;
    worker->memory[MLG_CELL_PAD + worker->used] = ',';
    worker->ends[++worker->end_count] = (uint32_t)worker->used++;
    return 0;
}

static int take_value(void *self, uint32_t column, uint32_t value, struct mlg_error *error)
{
    const struct worker *worker = self;
    if (column == MLG_NO_CODE) /* it had no such key when names were found */
        return mlg_error_set(error, MLG_WORLD, "'%s' changed while it was read", worker->reader->shown);
    worker->values[column] = value;
    return 0;
}

static int put_record(struct worker *worker, const struct line *line, struct mlg_error *error)
{
    const struct mlg_feed *feed = worker->feed;
    const size_t cells = feed->order->count + 1, end_count = worker->end_count;
    int code = read_line(&worker->keys, line, take_value, worker, error);
    if (!code)
        code = room_for_ends(worker, cells, error);
    for (size_t turn = 0; !code && turn + 1 < cells; turn++) {
        const size_t k = feed->turns[turn], column = feed->order->columns[k];
        worker->fields[k] = turn;
        const bool has =
            column < worker->keys.seen_capacity && worker->keys.seen[column] == worker->keys.objects;
        code = put_cell(worker, k, line, has ? worker->values[column] : 0, error);
    }
    if (!code)
        code = room_for(worker, 1, error);
    if (code) {
        worker->end_count = end_count;
        return code;
    }
    /* An empty cell is the last of every record: of a last one a carriage return is no part. */
    worker->memory[MLG_CELL_PAD + worker->used] = ',';
    worker->ends[++worker->end_count] = (uint32_t)worker->used++;
    worker->lines[worker->count++] = line->number;
    return 0;
}

static struct mlg_place place_of(const void *self, size_t record, const char *text)
{
    const struct worker *worker = self;
    (void)text;
    return (struct mlg_place){.file = worker->reader->shown, .line = worker->lines[record]};
}

static int jsonl_feed(void *self, struct mlg_error *error)
{
    struct worker *worker = self;
    struct mlg_error *trouble = &worker->trouble;
    struct line line;
    unsigned long number = worker->chunk.line;
    int code = 0;
    worker->used = worker->end_count = worker->count = 0;
    for (size_t at = 0; !code && next_line(&worker->chunk, &at, &number, &line);) {
        struct mlg_error own = {0};
        code = put_record(worker, &line, &own);
        if (code)
            *trouble = own;
    }
    if (worker->count > 0) {
        const struct mlg_records records = {worker->memory + MLG_CELL_PAD, worker->ends + 1,
                                            worker->feed->order->count + 1};
        const struct mlg_feed_places places = {place_of, worker};
        code = mlg_feed_records(worker->feed, &records, worker->count, worker->fields, &places, error);
        if (code)
            return code;
    }
    if (trouble->code)
        *error = *trouble;
    return (int)trouble->code;
}

static int jsonl_read(struct mlg_reader *reader, const struct mlg_read_order *order,
                      struct mlg_read_summary *summary, uint64_t *missing, struct mlg_error *error)
{
    struct jsonl *jsonl = reader->state;
    const struct mlg_block_work work = {.self = jsonl,
                                        .is_small =
                                            jsonl->is_held && jsonl->held_size < reader->tuning.threads_from,
                                        .is_hashed = jsonl->is_held,
                                        .begin = jsonl_begin,
                                        .take = jsonl_take,
                                        .feed = jsonl_feed,
                                        .end = jsonl_end};
    return mlg_blocks_read(reader, order, &work, summary, missing, error);
}

/* ---- bids --------------------------------------------------------------------------------------------- */

/* An object with a key, or nothing else, is no header of CSV; an array of objects is told how to become
 * lines. What has the name is told what is wrong with it. */
static int jsonl_bid(const char *path, const unsigned char *bytes, size_t size, bool whole)
{
    enum { SURE = 60, NAMED = 10 };
    (void)whole;
    size_t at = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
    size_t marks[2] = {size, size};
    for (size_t k = 0; k < 2; k++) {
        while (at < size && (bytes[at] == ' ' || bytes[at] == '\t' || bytes[at] == '\r' || bytes[at] == '\n'))
            at++;
        marks[k] = at;
        at += at < size;
    }
    const char first = marks[0] < size ? (char)bytes[marks[0]] : '\0',
               second = marks[1] < size ? (char)bytes[marks[1]] : '\0';
    if ((first == '{' && (second == '"' || second == '}')) || (first == '[' && second == '{'))
        return SURE;
    static const char *const names[] = {".jsonl", ".ndjson"};
    for (size_t i = 0; i < 2; i++) {
        const char *found = strstr(path, names[i]);
        const char behind = found ? found[strlen(names[i])] : 'x';
        if ((behind == '\0' || behind == '.') && !memchr(bytes, '\0', size))
            return NAMED;
    }
    return 0;
}

const struct mlg_format mlg_format_jsonl = {"jsonl",    "JSON lines", jsonl_bid,
                                            jsonl_open, jsonl_read,   jsonl_close};
