/* Compressed files and members of archives read as the plain file does; what is damaged is an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "named_rows.h"
#include "read_rows.h"

#ifndef MLG_SOURCE_DIR
#define MLG_SOURCE_DIR "."
#endif

static void load(struct world_memory *memory, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/tests/unit/data/%s", MLG_SOURCE_DIR, name);
    assert_true(world_memory_load(memory, name, path));
}

static const struct mlg_column_request requests[] = {
    {.name = "score", .decode = MLG_DECODE_NUMBER, .role = "score"},
    {.name = "label", .decode = MLG_DECODE_CODE, .role = "label"},
    {.name = "id", .decode = MLG_DECODE_CODE, .dictionary = 1, .role = "id"},
    {.name = "id", .decode = MLG_DECODE_TEXT, .role = "id"},
};

static struct read_rows read_table(struct world_memory *memory, const char *path,
                                   const struct mlg_reader_tuning *tuning, unsigned threads)
{
    struct read_rows rows = {.path = path, .tuning = tuning, .threads = threads};
    memcpy(rows.requests, requests, sizeof requests);
    read_rows(memory, &rows);
    return rows;
}

/* ---- what is read ----------------------------------------------------------------------------------- */

static struct wrapping {
    const char *name, *file, *path;
} wrappings[] = {
    {"a gzip file reads as the plain one", "table.csv.gz", "table.csv.gz"},
    {"a zstd file reads as the plain one", "table.csv.zst", "table.csv.zst"},
    {"an xz file reads as the plain one", "table.csv.xz", "table.csv.xz"},
    {"a bzip2 file reads as the plain one", "table.csv.bz2", "table.csv.bz2"},
    {"gzip files that follow each other are one", "table.parts.csv.gz", "table.parts.csv.gz"},
    {"a member of a tar.gz reads as the plain one", "table.tar.gz", "table.tar.gz//table.csv"},
    {"a member of a tar.xz reads as the plain one", "table.tar.xz", "table.tar.xz//table.csv"},
    {"a member of a zip reads as the plain one", "table.zip", "table.zip//table.csv"},
    {"a compressed member of a zip reads as the plain one", "table.zip", "table.zip//in/table.csv.gz"},
    {"a compressed member of a tar.gz reads as the plain one", "table.tar.gz",
     "table.tar.gz//in/table.csv.gz"},
};

static void reads_as_the_plain_one(void **state)
{
    const struct wrapping *row = *state;
    struct world_memory memory;
    world_memory_init(&memory);
    load(&memory, "table.csv");
    load(&memory, row->file);
    struct read_rows plain = read_table(&memory, "table.csv", NULL, 1);
    assert_string_equal(plain.told, "");
    assert_int_equal(plain.summary.rows, 200);
    size_t size;
    const char *bytes = world_memory_get(&memory, row->file, &size);
    char hex[65];
    mlg_sha256(bytes, size, hex);
    static const size_t blocks[] = {7, 512, 256 * 1024};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        for (unsigned threads = 1; threads <= 3; threads++)
            for (int stream = 0; stream <= 1; stream++) {
                struct mlg_reader_tuning tuning = mlg_reader_tuning_usual;
                tuning.block = blocks[i];
                struct world_memory_file *file = &memory.files[1];
                file->kind = stream ? WORLD_MEMORY_STREAM : WORLD_MEMORY_FILE;
                struct read_rows read = read_table(&memory, row->path, &tuning, threads);
                assert_string_equal(read.told, "");
                assert_string_equal(read.text, plain.text);
                /* the hash is of the file as stored, all of it */
                assert_string_equal(read.summary.sha256, hex);
                assert_int_equal(read.summary.bytes, size);
                read_rows_free(&read);
            }
    read_rows_free(&plain);
    world_memory_free(&memory);
}

/* ---- what is refused -------------------------------------------------------------------------------- */

static struct refusal {
    const char *name, *file, *path, *told;
    size_t flip; /* the byte to change, counted from the end if `from_end` */
    bool from_end;
    size_t cut; /* bytes to cut off the end */
    const char *append;
} refusals[] = {
    {.name = "a truncated gzip file",
     .file = "table.csv.gz",
     .cut = 100,
     .told = "'table.csv.gz' is damaged: the gzip data is cut short"},
    {.name = "a gzip file without the end of its trailer",
     .file = "table.csv.gz",
     .cut = 1,
     .told = "'table.csv.gz' is damaged: the gzip data is cut short"},
    {.name = "a gzip file with another checksum",
     .file = "table.csv.gz",
     .flip = 6,
     .from_end = true,
     .told = "'table.csv.gz' is damaged: incorrect data check"},
    {.name = "a gzip file with another length",
     .file = "table.csv.gz",
     .flip = 2,
     .from_end = true,
     .told = "'table.csv.gz' is damaged: incorrect length check"},
    {.name = "a gzip file followed by something else",
     .file = "table.csv.gz",
     .append = "else",
     .told = "'table.csv.gz' is damaged: bytes that are no gzip data follow its end"},
    {.name = "an empty gzip file",
     .file = "empty.csv.gz",
     .told = "'empty.csv.gz' is empty; a header line with column names is needed"},
    {.name = "a truncated zstd file",
     .file = "table.csv.zst",
     .cut = 10,
     .told = "'table.csv.zst' is damaged: Truncated zstd input"},
    {.name = "a truncated xz file",
     .file = "table.csv.xz",
     .cut = 100,
     .told = "'table.csv.xz' is damaged: "},
    {.name = "a truncated bzip2 file",
     .file = "table.csv.bz2",
     .cut = 10,
     .told = "'table.csv.bz2' is damaged: truncated bzip2 input"},
    {.name = "a bzip2 file followed by something else",
     .file = "table.csv.bz2",
     .append = "else",
     .told = "'table.csv.bz2' is damaged: bytes that cannot be decompressed follow its end"},
    {.name = "a bzip2 file followed by a stream whose first byte is wrong",
     .file = "table.csv.bz2",
     .append = "XZh91AY&SY",
     .told = "'table.csv.bz2' is damaged: bytes that cannot be decompressed follow its end"},
    {.name = "a zstd file followed by something else",
     .file = "table.csv.zst",
     .append = "else",
     .told = "'table.csv.zst' is damaged: "},
    {.name = "an xz file followed by something else",
     .file = "table.csv.xz",
     .append = "else",
     .told = "'table.csv.xz' is damaged: "},
    {.name = "a corrupt zstd file",
     .file = "table.csv.zst",
     .flip = 2,
     .from_end = true,
     .told = "'table.csv.zst' is damaged: Zstd decompression failed: "},
    {.name = "a corrupt xz file", .file = "table.csv.xz", .flip = 100, .told = "'table.csv.xz' is damaged: "},
    {.name = "a corrupt bzip2 file",
     .file = "table.csv.bz2",
     .flip = 200,
     .told = "'table.csv.bz2' is damaged: "},
    {.name = "a tar.gz whose checksum is wrong, after the member",
     .file = "table.tar.gz",
     .flip = 6,
     .from_end = true,
     .path = "table.tar.gz//table.csv",
     .told = "'table.tar.gz//table.csv' is damaged: incorrect data check"},
    {.name = "a tar.xz followed by something else, after the member",
     .file = "table.tar.xz",
     .append = "else",
     .path = "table.tar.xz//table.csv",
     .told = "'table.tar.xz//table.csv' is damaged: "},
    {.name = "a zip whose member is corrupt",
     .file = "table.zip",
     .flip = 300,
     .path = "table.zip//table.csv",
     .told = "'table.zip' is damaged: "},
    {.name = "a member that is not there",
     .file = "table.zip",
     .path = "table.zip//tabel.csv",
     .told = "'table.zip' holds no member 'tabel.csv'; it holds 'other.txt', 'table.csv', 'in/table.csv.gz'"},
    {.name = "a directory of an archive",
     .file = "table.tar.gz",
     .path = "table.tar.gz//in",
     .told = "'table.tar.gz' holds no member 'in'; it holds 'in/table.csv.gz', 'other.txt', 'table.csv'"},
    {.name = "a member of what is no archive",
     .file = "table.csv",
     .path = "table.csv//x",
     .told = "'table.csv' is damaged: Unrecognized archive format"},
    {.name = "an archive without a member named",
     .file = "table.tar.gz",
     .told = "'table.tar.gz' is an archive; name the member to read, as in 'table.tar.gz//table.csv'"},
    {.name = "a file compressed too many times",
     .file = "table.fourfold.csv.gz",
     .told = "'table.fourfold.csv.gz' is compressed more than 3 times over"},
};

static void is_refused(void **state)
{
    const struct refusal *row = *state;
    for (unsigned threads = 1; threads <= 2; threads++) {
        struct world_memory memory;
        world_memory_init(&memory);
        load(&memory, row->file);
        struct world_memory_file *file = &memory.files[0];
        file->size -= row->cut;
        if (row->flip)
            file->bytes[row->from_end ? file->size - row->flip : row->flip] ^= 0x20;
        if (row->append) {
            size_t more = strlen(row->append);
            char *both = malloc(file->size + more);
            assert_non_null(both);
            memcpy(both, file->bytes, file->size);
            memcpy(both + file->size, row->append, more);
            world_memory_put(&memory, row->file, WORLD_MEMORY_FILE, both, file->size + more);
            free(both);
        }
        struct mlg_reader_tuning tuning = mlg_reader_tuning_usual;
        tuning.block = 512;
        struct read_rows read = read_table(&memory, row->path ? row->path : row->file, &tuning, threads);
        assert_int_not_equal(read.error.code, MLG_OK);
        read.told[strlen(row->told) < strlen(read.told) && row->told[strlen(row->told) - 1] == ' '
                      ? strlen(row->told) /* the rest is the library's to say */
                      : strlen(read.told)] = '\0';
        assert_string_equal(read.told, row->told);
        read_rows_free(&read);
        world_memory_free(&memory);
    }
}

/* ---- expansion bombs -------------------------------------------------------------------------------- */

static struct read_rows read_dense(struct world_memory *memory, uint64_t bytes, uint64_t ratio)
{
    struct mlg_reader_tuning tuning = mlg_reader_tuning_usual;
    tuning.block = 4096;
    tuning.expansion_bytes = bytes;
    tuning.expansion_ratio = ratio;
    struct read_rows read = {
        .path = "dense.csv.gz", .tuning = &tuning, .requests = {{.name = "a", .decode = MLG_DECODE_CODE}}};
    load(memory, "dense.csv.gz");
    read_rows(memory, &read);
    return read;
}

static void what_expands_too_far_is_refused_before_it_is_read(void **state)
{
    (void)state;
    struct world_memory memory;
    world_memory_init(&memory);
    struct read_rows read = read_dense(&memory, UINT64_C(1) << 20, 20);
    assert_int_equal(read.error.code, MLG_LIMIT);
    assert_string_equal(
        read.told, "'dense.csv.gz' expands to more than 20 times its size; at most 1 MiB may be so dense");
    read_rows_free(&read);
    world_memory_free(&memory);
}

static void what_is_dense_but_small_is_read(void **state)
{
    (void)state;
    struct world_memory memory;
    world_memory_init(&memory);
    struct read_rows read = read_dense(&memory, UINT64_C(1) << 30, 20);
    assert_string_equal(read.told, "");
    assert_int_equal(read.summary.rows, 12000);
    read_rows_free(&read);
    world_memory_free(&memory);
}

int main(void)
{
    enum { FIXED = 2 };
    struct CMUnitTest tests[FIXED + COUNT(wrappings) + COUNT(refusals)] = {
        cmocka_unit_test(what_expands_too_far_is_refused_before_it_is_read),
        cmocka_unit_test(what_is_dense_but_small_is_read),
    };
    size_t count = FIXED;
    NAMED_ROWS(tests, count, wrappings, reads_as_the_plain_one);
    NAMED_ROWS(tests, count, refusals, is_refused);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
