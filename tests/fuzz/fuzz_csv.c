/* Any bytes as CSV: the reader, in small blocks, on one or two threads, with any instruction set, says what
 * a plain reading of RFC 4180, byte by byte, says: the same rows in the same lines up to the first error,
 * whether cells are asked for as codes or as texts.
 *
 * The first two bytes of the input choose how to read. Half of the inputs are a whole file, header and
 * all, which must only do no harm; the others are the rows of a file with three columns. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/data/index.h"
#include "read_rows.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

/* ---- the plain reading ------------------------------------------------------------------------------- */

struct plain {
    const char *text;
    size_t size, at;
    unsigned long line;
    char *cell; /* the last field read, without its quotes; room for all of the text */
    size_t cell_size;
    bool quoted;
};

/* Reads a field and what ends it: ',' or '\n' (which the end of the text is, too); 0: no CSV. */
static char read_field(struct plain *plain)
{
    const char *text = plain->text;
    size_t size = plain->size, at = plain->at;
    plain->cell_size = 0;
    plain->quoted = at < size && text[at] == '"';
    if (plain->quoted) {
        for (at++;; at++) {
            if (at == size || text[at] == '\0')
                return 0;
            if (text[at] == '"' && (++at == size || text[at] != '"'))
                break;
            plain->line += text[at] == '\n';
            plain->cell[plain->cell_size++] = text[at];
        }
        if (at < size && text[at] == '\r' && (at + 1 == size || text[at + 1] == '\n'))
            at++;
    } else {
        for (; at < size && text[at] != ',' && text[at] != '\n'; at++) {
            if (text[at] == '"' || text[at] == '\0')
                return 0;
            plain->cell[plain->cell_size++] = text[at];
        }
        if ((at == size || text[at] == '\n') && plain->cell_size > 0 && text[at - 1] == '\r')
            plain->cell_size--;
    }
    plain->at = at + 1;
    if (at >= size)
        return '\n';
    plain->line += text[at] == '\n';
    return text[at] == ',' || text[at] == '\n' ? text[at] : 0;
}

/* All rows of `columns` fields as read_rows writes them; *good: there is no error after them. */
static char *read_plainly(const char *text, size_t size, size_t columns, bool *good)
{
    struct plain plain = {.text = text, .size = size, .line = 2, .cell = malloc(size + 1)};
    size_t used = 0, start;
    char *out = malloc(size * 16 + 64), end = ',';
    demand(plain.cell && out);
    for (*good = true; *good && plain.at < size;) {
        size_t fields = 0;
        start = used;
        used += (size_t)sprintf(out + used, "%lu: ", plain.line);
        do {
            end = read_field(&plain);
            used += (size_t)sprintf(out + used, "%s", fields++ > 0 ? "|" : "");
            bool missing = mlg_is_missing(plain.cell, plain.cell_size);
            memcpy(out + used, missing ? "(missing)" : plain.cell, missing ? 9 : plain.cell_size);
            used += missing ? 9 : plain.cell_size;
        } while (end == ',' && fields < columns);
        bool blank = fields == 1 && end == '\n' && plain.cell_size == 0 && !plain.quoted;
        if (blank && plain.at >= size)
            used = start; /* the blank line at the end */
        else if (end != '\n' || fields != columns)
            *good = false, used = start;
        else
            out[used++] = '\n';
    }
    out[used] = '\0';
    free(plain.cell);
    return out;
}

/* ---- both ---------------------------------------------------------------------------------------------- */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char header[] = "a,b,c\n";
    enum { HEADER = sizeof header - 1, LONGEST = 1 << 16 };
    if (size < 2 || size > LONGEST)
        return 0;
    struct mlg_reader_tuning tuning = mlg_reader_tuning_usual;
    tuning.block = (size_t)1 << (data[0] & 7) << (data[0] & 8 ? 4 : 0);
    tuning.threads_from = 0;
    tuning.instructions = data[0] >> 4 & 3;
    tuning.line_bytes = LONGEST * 2;
    bool whole = data[1] & 1, stream = data[1] & 2;
    struct read_rows read = {.path = "t.csv", .tuning = &tuning, .threads = 1 + (data[1] >> 2 & 1)};
    static const char *const names[] = {"a", "b", "c"};
    for (size_t k = 0; k < 3; k++)
        read.requests[k] = (struct mlg_column_request){
            .name = names[k],
            .decode = whole && k == 1                   ? MLG_DECODE_NUMBER
                      : data[1] >> 6 & (k == 2 ? 2 : 1) ? MLG_DECODE_TEXT
                                                        : MLG_DECODE_CODE,
            .on_missing = whole ? (enum mlg_on_missing)(data[1] >> (k + 3) & 1) : MLG_ON_MISSING_KEEP,
        };
    data += 2;
    size -= 2;
    char *file = malloc(HEADER + size);
    demand(file != NULL);
    size_t before = whole ? 0 : HEADER;
    memcpy(file, header, before);
    if (size > 0)
        memcpy(file + before, data, size);
    struct world_memory memory;
    world_memory_init(&memory);
    world_memory_put(&memory, "t.csv", stream ? WORLD_MEMORY_STREAM : WORLD_MEMORY_FILE, file, before + size);
    if (!whole) {
        read.options.format = "csv";
        read.options.delimiter = ',';
    }
    int code = read_rows(&memory, &read);
    demand(code == (int)read.error.code && (code == 0) == (read.told[0] == '\0'));
    demand(code != MLG_INTERNAL);
    if (!whole) {
        bool good;
        char *expected = read_plainly(file + before, size, 3, &good);
        demand(good == (code == 0));
        if (good || read.threads == 1)
            demand(strcmp(read.text, expected) == 0);
        free(expected);
    }
    read_rows_free(&read);
    world_memory_free(&memory);
    free(file);
    return 0;
}
