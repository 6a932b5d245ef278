/* Prints what the readers make of a table, for tests/oracles/parquet.py: a line per row, cells apart by tabs.
 *
 *   parquet_dump FILE                        the names of the columns, a line each, in hexadecimal
 *   parquet_dump FILE text COLUMN ...        cells as texts in hexadecimal, "-" where they are missing
 *   parquet_dump FILE number COLUMN ...      cells as doubles in hexadecimal ("%a")
 *   parquet_dump FILE code COLUMN ...        as texts, by way of dictionaries
 *
 * On one thread. What went wrong is printed behind "error: ", and ends with status 1. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world_memory.h"

#include "mlgate/table.h"

static void print_text(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        printf("%02x", (unsigned)(unsigned char)bytes[i]);
}

static int print(void *context, const struct mlg_batch *batch, struct mlg_error *error)
{
    const size_t *count = context;
    (void)error;
    for (size_t row = 0; row < batch->rows; row++)
        for (size_t k = 0; k < *count; k++) {
            const struct mlg_column *column = &batch->columns[k];
            if (column->numbers && isnan(column->numbers[row]))
                printf("-");
            else if (column->numbers)
                printf("%a", column->numbers[row]);
            else if (column->texts && column->texts[row].bytes)
                print_text(column->texts[row].bytes, column->texts[row].size);
            else if (column->codes && column->codes[row] != MLG_CODE_MISSING) {
                size_t size;
                const char *text = mlg_dictionary_text(batch->dictionaries[k], column->codes[row], &size);
                print_text(text, size);
            } else
                printf("-");
            printf(k + 1 < *count ? "\t" : "\n");
        }
    return 0;
}

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    size_t room = 1 << 20, used = 0, got = 1;
    char *bytes = file ? malloc(room) : NULL;
    while (bytes && got > 0) {
        if (used == room)
            bytes = realloc(bytes, room *= 2);
        got = bytes ? fread(bytes + used, 1, room - used, file) : 0;
        used += got;
    }
    if (file)
        fclose(file);
    *size = used;
    return bytes;
}

int main(int argc, char **argv)
{
    struct world_memory memory;
    struct mlg_arena arena;
    struct mlg_error error = {0};
    struct mlg_reader *reader = NULL;
    struct mlg_read_summary summary;
    size_t size, count = argc > 3 ? (size_t)argc - 3 : 0;
    char *bytes = argc > 1 ? read_file(argv[1], &size) : NULL;
    if (!bytes)
        return 3;
    world_memory_init(&memory);
    world_memory_put(&memory, "table", WORLD_MEMORY_FILE, bytes, size);
    mlg_arena_init(&arena, 0);
    const struct mlg_reader_options options = {.path = "table", .decimal = '.'};
    int code = mlg_reader_open(&memory.world, &arena, &options, &reader, &error);
    if (!code && argc == 2) {
        const char *const *names;
        const size_t columns = mlg_reader_columns(reader, &names);
        for (size_t i = 0; i < columns; i++) {
            print_text(names[i], strlen(names[i]));
            printf("\n");
        }
    } else if (!code) {
        struct mlg_column_request *requests = calloc(count + 1, sizeof *requests);
        struct mlg_dictionary **dictionaries = calloc(count + 1, sizeof *dictionaries);
        for (size_t k = 0; k < count; k++) {
            requests[k] =
                (struct mlg_column_request){.name = argv[3 + k],
                                            .decode = strcmp(argv[2], "text") == 0   ? MLG_DECODE_TEXT
                                                      : strcmp(argv[2], "code") == 0 ? MLG_DECODE_CODE
                                                                                     : MLG_DECODE_NUMBER,
                                            .on_missing = MLG_ON_MISSING_KEEP,
                                            .dictionary = (unsigned)k};
            dictionaries[k] = mlg_dictionary_new((size_t)1 << 30);
        }
        void *const contexts[] = {&count};
        struct mlg_dictionary *const *const all[] = {dictionaries};
        code = mlg_reader_read(reader, requests, count, 1, print, contexts, all, count, &summary, &error);
        for (size_t k = 0; k < count; k++)
            mlg_dictionary_free(dictionaries[k]);
        free(requests);
        free(dictionaries);
    }
    if (code)
        printf("error: row %lu: %s\n", error.place.line, error.text);
    mlg_reader_close(reader);
    mlg_arena_free(&arena);
    world_memory_free(&memory);
    free(bytes);
    return code ? 1 : 0;
}
