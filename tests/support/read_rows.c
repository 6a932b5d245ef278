#include "read_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct line {
    unsigned long number;
    uint64_t position;
    char *text;
};

/* What one worker saw. */
struct seen {
    const struct read_rows *rows;
    size_t requests;
    struct line *lines;
    size_t count, capacity;
};

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static size_t put(char **text, size_t size, const char *bytes, size_t count)
{
    *text = must(realloc(*text, size + count + 1));
    memcpy(*text + size, bytes, count);
    (*text)[size + count] = '\0';
    return size + count;
}

static int keep(void *context, const struct mlg_batch *batch, struct mlg_error *error)
{
    struct seen *seen = context;
    for (size_t row = 0; row < batch->rows; row++) {
        if (seen->count == seen->capacity) {
            seen->capacity = seen->capacity ? 2 * seen->capacity : 64;
            seen->lines = must(realloc(seen->lines, seen->capacity * sizeof *seen->lines));
        }
        struct line *line = &seen->lines[seen->count++];
        char number[64];
        *line = (struct line){.number = mlg_batch_place(batch, row).line,
                              .position = mlg_batch_position(batch, row)};
        size_t size =
            put(&line->text, 0, number, (size_t)snprintf(number, sizeof number, "%lu: ", line->number));
        for (size_t k = 0; k < seen->requests; k++) {
            const struct mlg_column *column = &batch->columns[k];
            size = k > 0 ? put(&line->text, size, "|", 1) : size;
            if (column->numbers) {
                int wrote = snprintf(number, sizeof number, "%.17g", column->numbers[row]);
                size = put(&line->text, size, number, (size_t)wrote);
            } else if (column->texts) {
                const struct mlg_text *text = &column->texts[row];
                size = put(&line->text, size, text->bytes ? text->bytes : "(missing)",
                           text->bytes ? text->size : 9);
            } else if (column->codes[row] == MLG_CODE_MISSING) {
                size = put(&line->text, size, "(missing)", 9);
            } else {
                size_t length;
                const struct mlg_dictionary *dictionary =
                    batch->dictionaries[seen->rows->requests[k].dictionary];
                const char *bytes = mlg_dictionary_text(dictionary, column->codes[row], &length);
                size = put(&line->text, size, bytes, length);
            }
        }
        put(&line->text, size, "\n", 1);
    }
    return seen->rows->sink ? seen->rows->sink(batch, error) : 0;
}

static int by_line(const void *left, const void *right)
{
    const struct line *a = left, *b = right;
    return a->number < b->number ? -1 : a->number > b->number;
}

static void gather(struct read_rows *rows, struct seen *seen)
{
    struct seen all = {0};
    size_t size = 0;
    for (unsigned i = 0; i < rows->threads; i++) {
        all.lines = must(realloc(all.lines, (all.count + seen[i].count + 1) * sizeof *all.lines));
        if (seen[i].count > 0)
            memcpy(all.lines + all.count, seen[i].lines, seen[i].count * sizeof *all.lines);
        all.count += seen[i].count;
        free(seen[i].lines);
    }
    if (all.count > 0)
        qsort(all.lines, all.count, sizeof *all.lines, by_line);
    size_t capacity = 1;
    for (size_t i = 0; i < all.count; i++)
        capacity += strlen(all.lines[i].text);
    rows->text = must(malloc(capacity));
    rows->positions = must(malloc((all.count + 1) * sizeof *rows->positions));
    rows->count = all.count;
    for (size_t i = 0; i < all.count; i++) {
        rows->positions[i] = all.lines[i].position;
        if (i > 0 && rows->positions[i] <= rows->positions[i - 1])
            abort();
        size_t length = strlen(all.lines[i].text);
        memcpy(rows->text + size, all.lines[i].text, length);
        size += length;
        free(all.lines[i].text);
    }
    rows->text[size] = '\0';
    free(all.lines);
}

int read_rows(struct world_memory *memory, struct read_rows *rows)
{
    struct mlg_arena arena;
    mlg_arena_init(&arena, 0);
    struct mlg_reader *reader = NULL;
    struct mlg_reader_options options = rows->options;
    options.path = rows->path;
    rows->error = (struct mlg_error){0};
    rows->threads = rows->threads ? rows->threads : 1;
    size_t requests = 0, dictionaries = 0;
    while (requests < READ_ROWS_REQUESTS && rows->requests[requests].name) {
        if (rows->requests[requests].dictionary >= dictionaries)
            dictionaries = rows->requests[requests].dictionary + 1;
        requests++;
    }
    struct seen seen[MLG_THREADS] = {0};
    void *contexts[MLG_THREADS];
    struct mlg_dictionary *own[MLG_THREADS][READ_ROWS_REQUESTS] = {0};
    struct mlg_dictionary *const *all[MLG_THREADS];
    for (unsigned i = 0; i < rows->threads; i++) {
        seen[i].rows = rows;
        seen[i].requests = requests;
        contexts[i] = &seen[i];
        for (size_t k = 0; k < dictionaries; k++)
            own[i][k] = must(mlg_dictionary_new(rows->dictionary_limit));
        all[i] = own[i];
    }
    int code =
        mlg_reader_open_tuned(&memory->world, &arena, &options,
                              rows->tuning ? rows->tuning : &mlg_reader_tuning_usual, &reader, &rows->error);
    if (!code) {
        code = mlg_reader_read(reader, rows->requests, requests, rows->threads, keep, contexts, all,
                               dictionaries, &rows->summary, &rows->error);
        for (size_t k = 0; k < requests && rows->summary.missing; k++)
            rows->missing[k] = rows->summary.missing[k];
        rows->summary.missing = rows->missing;
        mlg_reader_close(reader);
    }
    gather(rows, seen);
    const struct mlg_place *place = &rows->error.place;
    if (!code)
        rows->told[0] = '\0';
    else if (place->file && place->column == MLG_PLACE_ROW)
        snprintf(rows->told, sizeof rows->told, "%s, row %lu: %s", place->file, place->line,
                 rows->error.text);
    else if (place->file && place->column)
        snprintf(rows->told, sizeof rows->told, "%s:%lu:%u: %s", place->file, place->line, place->column,
                 rows->error.text);
    else if (place->file)
        snprintf(rows->told, sizeof rows->told, "%s:%lu: %s", place->file, place->line, rows->error.text);
    else
        snprintf(rows->told, sizeof rows->told, "%s", rows->error.text);
    rows->error.place.file = NULL; /* it lay in the arena */
    for (unsigned i = 0; i < rows->threads; i++)
        for (size_t k = 0; k < dictionaries; k++)
            mlg_dictionary_free(own[i][k]);
    mlg_arena_free(&arena);
    return code;
}

void read_rows_free(struct read_rows *rows)
{
    free(rows->text);
    free(rows->positions);
    rows->text = NULL;
    rows->positions = NULL;
}
