/* Any bytes as JSON lines: held in memory, read twice or from a stream, in blocks of any size, on one to
 * three threads, the reader says the same. The first two bytes of the input choose how to read.
 *
 * Half of the inputs are a whole file. Of the others bytes are texts of cells, which are written as JSON
 * here, in one of its ways: what is read has to be what was written. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "read_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LONGEST = 1 << 15 };

static void demand(bool holds)
{
    if (!holds)
        abort();
}

/* ---- cells written as JSON ------------------------------------------------------------------------------
 */

struct written {
    char *file, *rows; /* the lines, and what read_rows makes of them */
    size_t file_size, rows_size;
};

static void put(char *text, size_t *size, const char *bytes, size_t count)
{
    memcpy(text + *size, bytes, count);
    *size += count;
}

/* A byte of a text: as it is where that is JSON and `way` wants it so, else as an escape. */
static void put_byte(struct written *written, uint8_t byte, uint8_t way)
{
    static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    const char *found = memchr(bytes, byte, sizeof bytes - 1);
    const bool is_plain = byte >= ' ' && byte != '"' && byte != '\\';
    char escape[8];
    if (is_plain && (byte >= 0x80 || way & 1)) {
        put(written->file, &written->file_size, (const char *)&byte, 1);
    } else if (found && way & 2) {
        put(written->file, &written->file_size, "\\", 1);
        put(written->file, &written->file_size, &letters[found - bytes], 1);
    } else {
        sprintf(escape, way & 4 ? "\\u%04x" : "\\u%04X", byte);
        put(written->file, &written->file_size, escape, 6);
    }
}

/* A cell up to the next zero byte; the byte before a row's first says which keys it has. */
static void write_cells(const uint8_t *data, size_t size, struct written *written)
{
    unsigned long line = 0;
    for (size_t at = 0; at < size;) {
        const uint8_t way = data[at++];
        char number[32];
        line += 1 + (way >> 7);
        put(written->file, &written->file_size, "\r\n", way >> 7 ? 2 : 0);
        put(written->file, &written->file_size, "{", 1);
        put(written->rows, &written->rows_size, number, (size_t)sprintf(number, "%lu: ", line));
        bool has_keys = false;
        for (size_t k = 0; k < 2; k++) {
            if (k > 0)
                put(written->rows, &written->rows_size, "|", 1);
            const bool has = way >> (3 + k) & 1;
            const size_t start = at;
            while (has && at < size && data[at] != '\0')
                at++;
            const bool missing = !has || mlg_is_missing((const char *)data + start, at - start);
            put(written->rows, &written->rows_size, missing ? "(missing)" : (const char *)data + start,
                missing ? 9 : at - start);
            if (!has)
                continue;
            if (has_keys)
                put(written->file, &written->file_size, ", ", 2);
            has_keys = true;
            put(written->file, &written->file_size, k ? "\"b\": \"" : "\"\\u0061\": \"", k ? 6 : 11);
            for (size_t i = start; i < at; i++)
                put_byte(written, data[i], (uint8_t)(way + i));
            put(written->file, &written->file_size, "\"", 1);
            at += at < size;
        }
        if (way & 32)
            put(written->file, &written->file_size, has_keys ? ",\"x\":[{}]" : "\"x\":[{}]",
                has_keys ? 9 : 8);
        put(written->file, &written->file_size, "}\n", 2);
        put(written->rows, &written->rows_size, "\n", 1);
    }
    /* both columns are there, whatever the rows have */
    static const char last[] = "{\"b\": \"1\", \"a\": 2}";
    char row[32];
    put(written->file, &written->file_size, last, sizeof last - 1);
    put(written->rows, &written->rows_size, row, (size_t)sprintf(row, "%lu: 2|1\n", line + 1));
    written->rows[written->rows_size] = '\0';
}

/* ---- reading ---------------------------------------------------------------------------------------------
 */

static void read_once(const char *file, size_t size, uint8_t how, const struct mlg_column_request *requests,
                      struct read_rows *read)
{
    struct mlg_reader_tuning tuning = mlg_reader_tuning_usual;
    struct world_memory memory;
    tuning.block = (size_t)1 << (how & 7) << (how & 8 ? 4 : 0);
    tuning.threads_from = 0;
    tuning.line_bytes = LONGEST * 16;
    tuning.held_bytes = how & 16 ? 0 : tuning.held_bytes;
    world_memory_init(&memory);
    world_memory_put(&memory, "t.jsonl", how & 32 ? WORLD_MEMORY_STREAM : WORLD_MEMORY_FILE, file, size);
    *read = (struct read_rows){
        .path = "t.jsonl", .options = {.format = "jsonl"}, .tuning = &tuning, .threads = 1 + (how >> 6) % 3};
    memcpy(read->requests, requests, 3 * sizeof *requests);
    const int code = read_rows(&memory, read);
    demand(code == (int)read->error.code && (code == 0) == (read->told[0] == '\0'));
    demand(code != MLG_INTERNAL && code != MLG_WORLD);
    world_memory_free(&memory);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > LONGEST)
        return 0;
    const uint8_t how = data[0], which = data[1];
    const bool whole = which & 1;
    struct mlg_column_request requests[3] = {{.name = "a",
                                              .decode = which & 2 ? MLG_DECODE_TEXT : MLG_DECODE_CODE,
                                              .on_missing = MLG_ON_MISSING_KEEP},
                                             {.name = "b",
                                              .decode = which & 4 ? MLG_DECODE_TEXT : MLG_DECODE_CODE,
                                              .on_missing = MLG_ON_MISSING_KEEP}};
    if (whole) {
        requests[0].decode = which & 8 ? MLG_DECODE_NUMBER : requests[0].decode;
        requests[0].on_missing = (enum mlg_on_missing)(which >> 4 & 1);
        requests[1].in_quotes = which & 32;
        requests[1].takes_nested = which & 64;
        requests[which & 128 ? 1 : 2].name = NULL;
    }
    data += 2;
    size -= 2;
    struct written written = {.file = malloc(32 * size + 64), .rows = malloc(64 * size + 64)};
    demand(written.file && written.rows);
    if (!whole)
        write_cells(data, size, &written);
    else if (size > 0)
        put(written.file, &written.file_size, (const char *)data, size);
    struct read_rows read, usual;
    read_once(written.file, written.file_size, how, requests, &read);
    read_once(written.file, written.file_size, 7 | 8, requests, &usual);
    demand(strcmp(read.told, usual.told) == 0);
    if (read.threads == 1 ||
        read.error.code == MLG_OK) /* what others have handed on before an error may be less or more */
        demand(strcmp(read.text, usual.text) == 0);
    if (!whole) {
        demand(read.error.code == MLG_OK);
        demand(strcmp(read.text, written.rows) == 0);
    }
    read_rows_free(&read);
    read_rows_free(&usual);
    free(written.file);
    free(written.rows);
    return 0;
}
