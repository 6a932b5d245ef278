#include "reader_rows.h"

#include <string.h>

#include "../../lib/data/index.h"
#include "named_rows.h"

static void check_once(const struct reader_row *row, const char *path, enum world_memory_kind kind,
                       const struct mlg_reader_tuning *tuning, unsigned threads)
{
    const size_t size = row->size ? row->size : strlen(row->content);
    struct world_memory memory;
    world_memory_init(&memory);
    world_memory_put(&memory, path, kind, row->content, size);
    struct read_rows read = {
        .path = path,
        .options = {.delimiter = row->delimiter,
                    .decimal = row->decimal,
                    .format = row->format,
                    .from_flags = row->from_flags},
        .tuning = tuning,
        .threads = threads,
        .dictionary_limit = row->dictionary_limit,
        .sink = row->sink,
    };
    memcpy(read.requests, row->requests, sizeof row->requests);
    read_rows(&memory, &read);
    assert_string_equal(read.told, row->told ? row->told : "");
    if (row->rows) {
        assert_string_equal(read.text, row->rows);
        assert_int_equal(read.summary.dropped, row->dropped);
        for (size_t k = 0; k < READER_ROW_REQUESTS && row->requests[k].name; k++)
            assert_int_equal(read.missing[k], row->missing[k]);
        char hex[65];
        mlg_sha256(row->content, size, hex);
        assert_string_equal(read.summary.sha256, hex);
        assert_int_equal(read.summary.bytes, size);
    }
    read_rows_free(&read);
    world_memory_free(&memory);
}

void reader_row_check(const struct reader_row *row, const char *path, bool twice)
{
    static const size_t blocks[] = {1, 7, 64, 4096};
    struct mlg_reader_tuning tuning = mlg_reader_tuning_usual;
    path = row->path ? row->path : path;
    check_once(row, path, WORLD_MEMORY_FILE, NULL, 1);
    tuning.threads_from = 0;
    for (size_t i = 0; i < COUNT(blocks); i++) {
        tuning.block = blocks[i];
        for (unsigned threads = 1; threads <= 4; threads++) {
            /* the limit of a dictionary is each worker's own */
            if (threads > 1 && row->dictionary_limit)
                continue;
            tuning.instructions = threads % MLG_INSTRUCTIONS_ALL;
            tuning.held_bytes = mlg_reader_tuning_usual.held_bytes;
            check_once(row, path, WORLD_MEMORY_FILE, &tuning, threads);
            check_once(row, path, WORLD_MEMORY_STREAM, &tuning, threads);
            tuning.held_bytes = 0;
            if (twice)
                check_once(row, path, WORLD_MEMORY_FILE, &tuning, threads);
        }
    }
}

void reader_misbehaviour_check(const struct reader_misbehaviour *row, const char *path, const char *text,
                               size_t size, bool twice)
{
    for (unsigned threads = 1; threads <= 3; threads++)
        for (int times = 1; times <= (twice ? 2 : 1); times++) {
            struct mlg_reader_tuning tuning = mlg_reader_tuning_usual;
            tuning.threads_from = 0;
            tuning.block = 8192;
            tuning.held_bytes = times == 2 ? 0 : tuning.held_bytes;
            const struct read_rows how = {
                .path = path, .tuning = &tuning, .threads = threads, .requests = {NUMBER("n")}};
            assert_int_equal(reader_tells(&how, row->kind, text, size, NULL, row->told), MLG_WORLD);
        }
}

int reader_tells(const struct read_rows *how, enum world_memory_kind kind, const void *bytes, size_t size,
                 const char *text, const char *told)
{
    struct read_rows read = *how;
    struct world_memory memory;
    world_memory_init(&memory);
    if (bytes)
        world_memory_put(&memory, read.path, kind, bytes, size);
    const int code = read_rows(&memory, &read);
    assert_string_equal(read.told, told);
    if (text)
        assert_string_equal(read.text, text);
    read_rows_free(&read);
    world_memory_free(&memory);
    return code;
}
