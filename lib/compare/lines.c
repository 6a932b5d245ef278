/* lines: a table that is written as JSON, one flat object a line, read as the CSV that says the same.
 *
 * A column is a key of any line; what a line lacks, null and an empty text are missing. An object or an array
 * within a line is an error: it is no cell.
 */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

enum { MOST_COLUMNS = 10000 };

struct column {
    char *name; /* malloc'd */
    size_t size;
    const struct json_value *cell; /* of the line that is being read */
};

struct reading {
    struct blob source;
    struct column *columns; /* malloc'd */
    size_t count, room;
    const char *untyped; /* column whose cells are texts without quotes; NULL: all are */
    struct mlg_error *error;
};

static int no_room(const struct reading *reading)
{
    return mlg_error_set(reading->error, MLG_LIMIT, "no memory to read '%s'", reading->source.path);
}

static int refuse(const struct reading *reading, unsigned long line, const char *what)
{
    const struct mlg_place place = {.file = reading->source.path, .line = line};
    return mlg_error_at(reading->error, MLG_DATA, place, "%s", what);
}

static bool has_name(const struct column *column, const char *name, size_t size)
{
    return column->size == size && memcmp(column->name, name, size) == 0;
}

/* The column of that name, which is made where there is none. Lines mostly have their keys in one order: it
 * is looked for first where it would then be. NULL: no memory, or too many. */
static struct column *find_column(struct reading *reading, const char *name, size_t size, size_t guess)
{
    if (guess < reading->count && has_name(&reading->columns[guess], name, size))
        return &reading->columns[guess];
    for (size_t i = 0; i < reading->count; i++)
        if (has_name(&reading->columns[i], name, size))
            return &reading->columns[i];
    if (reading->count == MOST_COLUMNS)
        return NULL;
    if (reading->count == reading->room) {
        const size_t room = reading->room ? 2 * reading->room : 16;
        struct column *columns = realloc(reading->columns, room * sizeof *columns);
        if (!columns)
            return NULL;
        reading->columns = columns;
        reading->room = room;
    }
    char *own = malloc(size + 1);
    if (!own)
        return NULL;
    memcpy(own, name, size);
    own[size] = '\0';
    struct column *column = &reading->columns[reading->count++];
    *column = (struct column){.name = own, .size = size};
    return column;
}

/* Puts the values of a line into their columns. `text` has room for the line. */
static int take_line(struct reading *reading, const struct json_document *document, unsigned long number,
                     char *text)
{
    const struct json_value *values = document->values;
    size_t guess = 0;
    for (size_t i = 0; i < reading->count; i++)
        reading->columns[i].cell = NULL;
    if (values[0].type != '{')
        return refuse(reading, number, "this line is no JSON object, such as {\"id\": 1, \"score\": 0.5}");
    for (uint32_t i = 1; i < values[0].end; i = values[i].end) {
        const size_t size = json_text_mean(values[i].key, values[i].key_size, text);
        if (values[i].type == '{' || values[i].type == '[')
            return refuse(reading, number,
                          "a value in this line is an object or an array, which is no cell of a table");
        struct column *column = find_column(reading, text, size, guess++);
        if (!column)
            return mlg_error_set(reading->error, MLG_LIMIT,
                                 "'%s' has more than %d columns, or no memory is left", reading->source.path,
                                 (int)MOST_COLUMNS);
        if (column->cell)
            return refuse(reading, number, "a key stands twice in this line");
        column->cell = &values[i];
    }
    return 0;
}

static void put_cell(struct mlg_builder *out, const char *text, size_t size)
{
    mlg_put(out, "\"");
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '"')
            mlg_put(out, "\"");
        mlg_put_bytes(out, &text[i], 1);
    }
    mlg_put(out, "\"");
}

/* A text as JSON has it, so that it is not the number or the word that it may look like. */
static void put_quoted(struct mlg_builder *out, const char *text, size_t size)
{
    mlg_put(out, "\"\"");
    put_cell(out, text, size);
    mlg_put(out, "\"\"");
}

static void put_line(const struct reading *reading, char *text, struct mlg_builder *out)
{
    for (size_t i = 0; i < reading->count; i++) {
        const struct json_value *cell = reading->columns[i].cell;
        if (i > 0)
            mlg_put(out, ",");
        if (cell && cell->type == '"' && reading->untyped &&
            strcmp(reading->columns[i].name, reading->untyped) != 0)
            put_quoted(out, text, json_text_mean(cell->text, cell->text_size, text));
        else if (cell && cell->type == '"')
            put_cell(out, text, json_text_mean(cell->text, cell->text_size, text));
        else if (cell && cell->type != 'n')
            put_cell(out, cell->text, cell->text_size);
    }
    mlg_put(out, "\n");
}

/* Every line: for its keys where `out` is NULL, else its cells. */
static int walk(struct reading *reading, const char *bytes, char *text, struct mlg_builder *out)
{
    const char *at = bytes, *end = bytes + reading->source.size;
    int code = 0;
    for (unsigned long number = 1; !code && at < end; number++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t size = stop ? (size_t)(stop - at) : (size_t)(end - at);
        const char *line = at;
        struct json_document document;
        char why[160];
        at += size + (stop != NULL);
        while (size > 0 && strchr(" \t\r", line[size - 1]))
            size--;
        if (size == 0)
            continue;
        if (!json_read(line, size, &document, why))
            return refuse(reading, number,
                          "this line is no JSON object, such as {\"id\": 1, \"score\": 0.5}");
        code = take_line(reading, &document, number, text);
        if (!code && out)
            put_line(reading, text, out);
        json_free(&document);
    }
    return code;
}

static int convert(struct reading *reading, struct mlg_builder *out)
{
    const char *bytes = blob_bytes(&reading->source, reading->error);
    char *text = bytes ? malloc((size_t)reading->source.size + 1) : NULL;
    int code = text ? walk(reading, bytes, text, NULL) : 0;
    if (!text)
        return bytes ? no_room(reading) : (int)reading->error->code;
    for (size_t i = 0; !code && i < reading->count; i++) {
        if (i > 0)
            mlg_put(out, ",");
        put_cell(out, reading->columns[i].name, reading->columns[i].size);
    }
    mlg_put(out, "\n");
    if (!code && reading->count == 0)
        code = refuse(reading, 1, "no line has a key, so that there are no columns");
    if (!code)
        code = walk(reading, bytes, text, out);
    free(text);
    return code || !out->failed ? code : no_room(reading);
}

int lines_read(struct blob *table, const struct mlg_world *world, const char *path, const char *untyped,
               struct mlg_error *error)
{
    struct mlg_error own = {0};
    struct reading reading = {.untyped = untyped, .error = error ? error : &own};
    struct mlg_builder out;
    int code = blob_open(&reading.source, world, path, reading.error);
    if (code)
        return code;
    mlg_builder_init(&out, (size_t)MLG_COMPARE_BYTES);
    code = convert(&reading, &out);
    char *bytes = code ? NULL : malloc(out.size + 1);
    if (bytes) {
        memcpy(bytes, out.data, out.size);
        bytes[out.size] = '\0';
        blob_hold(table, path, bytes, out.size);
    } else if (!code) {
        code = no_room(&reading);
    }
    mlg_builder_free(&out);
    for (size_t i = 0; i < reading.count; i++)
        free(reading.columns[i].name);
    free(reading.columns);
    blob_close(&reading.source);
    return code;
}
