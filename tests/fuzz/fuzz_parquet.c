/* Any bytes as Parquet: the reader does no harm, and says the same of a file as of a pipe, on one thread as
 * on two, and of a column as codes as of it as texts.
 *
 * The first byte of the input chooses how to read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "read_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

/* The names of the first columns; how many there are. */
static size_t find_names(struct world_memory *memory, struct mlg_arena *arena, const char **names)
{
    struct mlg_reader *reader = NULL;
    const struct mlg_reader_options options = {.path = "t.parquet", .format = "parquet"};
    const char *const *all;
    size_t count = 0, found = 0;
    if (mlg_reader_open(&memory->world, arena, &options, &reader, NULL))
        return 0;
    count = mlg_reader_columns(reader, &all);
    const bool *nested = mlg_reader_nested(reader);
    for (size_t i = 0; i < count && found < READ_ROWS_REQUESTS; i++)
        if (!nested || !nested[i] || i % 16 == 15)
            names[found++] = mlg_arena_copy(arena, all[i], strlen(all[i]));
    mlg_reader_close(reader);
    return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { LONGEST = 1 << 16 };
    if (size < 1 || size > LONGEST)
        return 0;
    const unsigned how = data[0];
    const char *names[READ_ROWS_REQUESTS];
    struct world_memory file, pipe;
    struct mlg_arena arena;
    mlg_arena_init(&arena, 0);
    world_memory_init(&file);
    world_memory_init(&pipe);
    world_memory_put(&file, "t.parquet", WORLD_MEMORY_FILE, (const char *)data + 1, size - 1);
    world_memory_put(&pipe, "t.parquet", WORLD_MEMORY_STREAM, (const char *)data + 1, size - 1);
    struct mlg_reader_tuning tuning = mlg_reader_tuning_usual;
    tuning.threads_from = 0;
    tuning.expansion_bytes = 20000; /* rows */
    tuning.expansion_ratio = 1;
    const size_t count = find_names(&file, &arena, names);
    struct read_rows one = {
        .path = "t.parquet", .tuning = &tuning, .threads = 1, .options = {.format = "parquet"}};
    for (size_t k = 0; k < count; k++)
        one.requests[k] = (struct mlg_column_request){
            .name = names[k],
            .decode = how >> 4 & 1 && k % 2 == 0 ? MLG_DECODE_NUMBER : MLG_DECODE_TEXT,
            .on_missing = how >> 2 & 1 ? (enum mlg_on_missing)((k + how) % 3) : MLG_ON_MISSING_KEEP,
        };
    struct read_rows two = one, three = one;
    two.threads = 1 + (how & 1);
    for (size_t k = 0; k < count; k++)
        if (three.requests[k].decode == MLG_DECODE_TEXT)
            three.requests[k].decode = MLG_DECODE_CODE;
    three.dictionary_limit = (size_t)1 << 30;
    const int code = read_rows(&file, &one);
    demand(code == (int)one.error.code && code != MLG_INTERNAL && (code == 0) == (one.told[0] == '\0'));
    demand(read_rows(&pipe, &two) == code);
    demand(read_rows(&file, &three) == code);
    demand(strcmp(one.told, two.told) == 0 && strcmp(one.told, three.told) == 0);
    if (code == 0 || two.threads == 1)
        demand(strcmp(one.text, two.text) == 0);
    demand(strcmp(one.text, three.text) == 0);
    if (code == 0)
        demand(one.summary.rows == two.summary.rows && one.summary.dropped == three.summary.dropped &&
               strcmp(one.summary.sha256, two.summary.sha256) == 0);
    read_rows_free(&one);
    read_rows_free(&two);
    read_rows_free(&three);
    world_memory_free(&file);
    world_memory_free(&pipe);
    mlg_arena_free(&arena);
    return 0;
}
