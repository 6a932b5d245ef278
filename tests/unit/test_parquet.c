/* parquet: the same rows from every way to write them, and files that lie.
 *
 * tests/unit/data/parquet is written by `tests/oracles/parquet.py --fixtures`: one table, by pyarrow 25,
 * DuckDB and polars. Files that lie are made here, byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "named_rows.h"
#include "reader_rows.h"

#define DATA MLG_SOURCE_DIR "/tests/unit/data/parquet/"

/* ---- the same table, however it is written ------------------------------------------------------------ */

static const char *const ways[] = {"plain",
                                   "dictionary-snappy",
                                   "dictionary-zstd-v2-checksum",
                                   "delta-gzip-v2",
                                   "delta-length-lz4",
                                   "split-v2",
                                   "pages-of-few-rows",
                                   "groups-of-seven-rows",
                                   "dictionary-then-plain",
                                   "duckdb-snappy",
                                   "duckdb-v2-zstd",
                                   "polars-lz4"};

/* As pandas writes it to CSV, but for a float32, which is the double of the same value. */
static const char first_rows[] =
    "1: 1|1|0.25|0.10000000149011612|Male|True|0|1970-01-01 00:00:00\n"
    "2: 2|0|1.0|0.5|Female|False|18446744073709551615|2020-09-13 12:26:40.123000\n"
    "3: 3|(missing)|(missing)|nan|(missing)|False|(missing)|1969-12-31 23:59:59.999999\n"
    "4: 4|1|(missing)|0.10000000149011612|(missing)|(missing)|0|(missing)\n"
    "5: 5|-7|-1e-05|0.5|(missing)|True|18446744073709551615|1970-01-01 00:00:00\n"
    "6: 6|1|1e+16|nan|1.0|False|(missing)|2020-09-13 12:26:40.123000\n"
    "7: 7|0|0.1|0.10000000149011612|a \"b\", c|False|0|1969-12-31 23:59:59.999999\n"
    "8: 8|(missing)|0.25|0.5|Male|(missing)|18446744073709551615|(missing)\n";

static void the_same_rows_from_every_way_to_write_them(void **state)
{
    (void)state;
    char *whole = NULL;
    for (size_t i = 0; i < COUNT(ways); i++)
        for (int how = 0; how < 4; how++) {
            char path[512];
            struct world_memory memory;
            world_memory_init(&memory);
            snprintf(path, sizeof path, DATA "%s.parquet", ways[i]);
            assert_true(world_memory_load(&memory, "t.parquet", path));
            if (how == 1)
                memory.files[0].kind = WORLD_MEMORY_STREAM;
            struct mlg_reader_tuning tuning = mlg_reader_tuning_usual;
            tuning.threads_from = 0;
            struct read_rows read = {
                .path = "t.parquet",
                .tuning = &tuning,
                .threads = how < 2 ? 1 : (unsigned)how,
                .requests = {{.name = "id", .decode = MLG_DECODE_NUMBER},
                             {.name = "y", .decode = MLG_DECODE_CODE, KEEP},
                             {.name = "score", .decode = MLG_DECODE_TEXT, KEEP},
                             {.name = "small", .decode = MLG_DECODE_NUMBER, KEEP},
                             {.name = "sex", .decode = MLG_DECODE_TEXT, KEEP},
                             {.name = "flag", .decode = MLG_DECODE_CODE, KEEP, .dictionary = 1},
                             {.name = "large", .decode = MLG_DECODE_CODE, KEEP, .dictionary = 2},
                             {.name = "at", .decode = MLG_DECODE_TEXT, KEEP}},
            };
            read_rows(&memory, &read);
            assert_string_equal(read.told, "");
            assert_int_equal(read.count, 40);
            assert_int_equal(read.summary.rows, 40);
            assert_int_equal(read.missing[1], 8);
            assert_int_equal(read.missing[2], 12);
            assert_int_equal(read.missing[4], 18);
            assert_memory_equal(read.text, first_rows, sizeof first_rows - 1);
            if (!whole)
                whole = strdup(read.text);
            assert_string_equal(read.text, whole);
            char hex[65];
            mlg_sha256(memory.files[0].bytes, memory.files[0].size, hex);
            assert_string_equal(read.summary.sha256, hex);
            assert_int_equal(read.summary.bytes, memory.files[0].size);
            read_rows_free(&read);
            world_memory_free(&memory);
        }
    free(whole);
}

/* ---- what is asked of a column, and what is told of a cell -------------------------------------------- */

struct asked {
    const char *sentence, *file;
    struct mlg_column_request requests[3];
    const char *told;
    size_t rows, dropped;
};

#define DROPPED(column)                                                                                      \
    {                                                                                                        \
        .name = column, .decode = MLG_DECODE_NUMBER, .on_missing = MLG_ON_MISSING_DROP                       \
    }

static const struct asked all_asked[] = {
    {"a missing value has a row, for there are no lines",
     "groups-of-seven-rows",
     {NUMBER("id"), NUMBER("y")},
     "t.parquet, row 3: missing value in column 'y' (score)" MAY_DROP,
     0,
     0},
    {"NaN is missing",
     "plain",
     {NUMBER("score")},
     "t.parquet, row 3: missing value in column 'score' (score)" MAY_DROP,
     0,
     0},
    {"rows with missing values are dropped",
     "pages-of-few-rows",
     {NUMBER("id"), DROPPED("y"), DROPPED("score")},
     NULL,
     23,
     17},
    {"a truth value is no number, as in CSV",
     "dictionary-snappy",
     {NUMBER("flag")},
     "t.parquet, row 1: value 'True' in column 'flag' (score)" NO_NUMBER,
     0,
     0},
    {"of two errors in a batch the first row counts",
     "plain",
     {NUMBER("sex"), NUMBER("y")},
     "t.parquet, row 1: value 'Male' in column 'sex' (score)" NO_NUMBER,
     0,
     0},
    {"a column that is not there",
     "plain",
     {NUMBER("scores")},
     "column 'scores' not found in 't.parquet'; did you mean 'score'?",
     0,
     0},
    {"a column beside lists, structs and bytes", "nested", {NUMBER("id")}, NULL, 40, 0},
    {"a list",
     "nested",
     {NUMBER("id"), NUMBER("list")},
     "column 'list' of 't.parquet' is a list, a map or a struct; columns of single values are read",
     0,
     0},
    {"a struct",
     "nested",
     {NUMBER("part")},
     "column 'part' of 't.parquet' is a list, a map or a struct; columns of single values are read",
     0,
     0},
    {"bytes of fixed size",
     "nested",
     {NUMBER("bytes")},
     "column 'bytes' of 't.parquet' is of a type that is no number, text, truth value, date or time; such "
     "columns "
     "are not read",
     0,
     0},
    {"a codec that is not read",
     "nested",
     {NUMBER("y")},
     "column 'y' of 't.parquet' is compressed with Brotli, which is not read; snappy, gzip, zstd, LZ4 and no "
     "compression are",
     0,
     0},
};

static void reads_or_tells(void **state)
{
    const struct asked *asked = *state;
    char path[512];
    struct world_memory memory;
    world_memory_init(&memory);
    snprintf(path, sizeof path, DATA "%s.parquet", asked->file);
    assert_true(world_memory_load(&memory, "t.parquet", path));
    struct read_rows read = {.path = "t.parquet"};
    memcpy(read.requests, asked->requests, sizeof asked->requests);
    read_rows(&memory, &read);
    assert_string_equal(read.told, asked->told ? asked->told : "");
    if (!asked->told) {
        assert_int_equal(read.summary.rows, asked->rows);
        assert_int_equal(read.summary.dropped, asked->dropped);
    }
    read_rows_free(&read);
    world_memory_free(&memory);
}

/* ---- files made by hand ------------------------------------------------------------------------------- */

struct bytes {
    unsigned char data[8192];
    size_t size;
};

static void put(struct bytes *bytes, const void *data, size_t size)
{
    assert_true(bytes->size + size <= sizeof bytes->data);
    if (size > 0)
        memcpy(bytes->data + bytes->size, data, size);
    bytes->size += size;
}

static void put_byte(struct bytes *bytes, unsigned byte)
{
    const unsigned char one = (unsigned char)byte;
    put(bytes, &one, 1);
}

static void put_varint(struct bytes *bytes, uint64_t value)
{
    for (; value > 127; value >>= 7)
        put_byte(bytes, (unsigned)(value & 127) | 128);
    put_byte(bytes, (unsigned)value);
}

/* A field of Thrift's compact protocol; `step` is how far its number is from the one before. */
static void put_number(struct bytes *bytes, unsigned step, int64_t value)
{
    put_byte(bytes, step << 4 | 6);
    put_varint(bytes, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}

static void put_name(struct bytes *bytes, unsigned step, const char *name)
{
    put_byte(bytes, step << 4 | 8);
    put_varint(bytes, strlen(name));
    put(bytes, name, strlen(name));
}

static void put_little(struct bytes *bytes, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++)
        put_byte(bytes, (unsigned)(value >> (8 * i)) & 255);
}

enum { BOOLEAN, INT32, INT64, INT96, FLOAT, DOUBLE, BYTE_ARRAY, FIXED };
enum { DATA_PAGE = 0, DICTIONARY = 2, DATA_V2 = 3 };

/* A file of one column 'x' in one row group. What is 0 or NULL is as it should be. */
struct made {
    const char *sentence;
    int physical, width, codec;
    bool optional;
    int64_t rows, values;
    void (*pages)(struct bytes *bytes);
    int64_t chunk_size, chunk_start, dictionary_start, group_rows, children, leaves;
    const char *end; /* the last bytes */
    size_t cut;      /* so many bytes of the end are not there */
    unsigned depth;  /* of lists in each other in the footer */
    bool encrypted;
    bool is_text;
    const char *text, *told;
};

static void put_page(struct bytes *bytes, int type, int64_t size, int64_t packed, int64_t values,
                     int encoding, const void *body, size_t body_size)
{
    put_number(bytes, 1, type);
    put_number(bytes, 1, size);
    put_number(bytes, 1, packed);
    put_byte(bytes, (type == DATA_PAGE ? 2u : type == DICTIONARY ? 4u : 5u) << 4 | 12);
    put_number(bytes, 1, values);
    if (type == DATA_V2) {
        put_number(bytes, 1, 0);
        put_number(bytes, 1, values);
        put_number(bytes, 1, encoding);
        put_number(bytes, 1, 0);
        put_number(bytes, 1, 0);
    } else {
        put_number(bytes, 1, encoding);
        put_number(bytes, 1, 3);
        put_number(bytes, 1, 3);
    }
    put_byte(bytes, 0);
    put_byte(bytes, 0);
    put(bytes, body, body_size);
}

static void make(const struct made *made, struct bytes *file)
{
    struct bytes pages = {.size = 0};
    file->size = 0;
    put(file, "PAR1", 4);
    if (made->pages)
        made->pages(&pages);
    put(file, pages.data, pages.size);
    const size_t footer = file->size;
    put_number(file, 1, 2);
    put_byte(file, 1 << 4 | 9);
    put_byte(file, 2 << 4 | 12);
    put_name(file, 4, "schema");
    put_number(file, 1, made->children ? made->children : 1);
    put_byte(file, 0);
    put_number(file, 1, made->physical);
    if (made->physical == FIXED) {
        put_number(file, 1, made->width);
        put_number(file, 1, made->optional);
    } else {
        put_number(file, 2, made->optional);
    }
    put_name(file, 1, "x");
    if (made->is_text)
        put_number(file, 2, 0);
    put_byte(file, 0);
    put_number(file, 1, made->rows);
    put_byte(file, 1 << 4 | 9);
    put_byte(file, 1 << 4 | 12);
    put_byte(file, 1 << 4 | 9);
    put_byte(file, (unsigned)(made->leaves ? made->leaves : 1) << 4 | 12);
    put_number(file, 2, 4);
    put_byte(file, 1 << 4 | 12);
    put_number(file, 1, made->physical);
    put_number(file, 3, made->codec);
    put_number(file, 1, made->values ? made->values : made->rows);
    put_number(file, 1, 0);
    put_number(file, 1, made->chunk_size ? made->chunk_size : (int64_t)pages.size);
    put_number(file, 2, made->chunk_start ? made->chunk_start : 4);
    if (made->dictionary_start)
        put_number(file, 2, made->dictionary_start);
    put_byte(file, 0);
    if (made->encrypted) {
        put_byte(file, 5 << 4 | 12);
        put_byte(file, 0);
    }
    put_byte(file, 0);
    put_number(file, 1, 0);
    put_number(file, 1, made->group_rows ? made->group_rows : made->rows);
    put_byte(file, 0);
    if (made->depth) {
        put_byte(file, 1 << 4 | 9);
        for (unsigned i = 0; i < made->depth; i++)
            put_byte(file, 1 << 4 | 9);
        put_byte(file, 5);
    }
    put_byte(file, 0);
    put_little(file, file->size - footer, 4);
    put(file, made->end ? made->end : "PAR1", 4);
    file->size -= made->cut;
}

/* ---- pages -------------------------------------------------------------------------------------------- */

#define BODY(type, size, packed, values, encoding, text)                                                     \
    put_page(bytes, type, size, packed, values, encoding, text, sizeof(text) - 1)
#define PAGE(type, values, encoding, text)                                                                   \
    BODY(type, sizeof(text) - 1, sizeof(text) - 1, values, encoding, text)

static void two_integers(struct bytes *bytes)
{
    PAGE(DATA_PAGE, 2, 0, "\1\0\0\0\377\377\377\377");
}

static void dictionary_first(struct bytes *bytes)
{
    PAGE(DICTIONARY, 2, 0, "\7\0\0\0\10\0\0\0");
    PAGE(DATA_PAGE, 2, 8, "\1\2\1\2\0");
}

static void dictionary_behind(struct bytes *bytes)
{
    PAGE(DATA_PAGE, 2, 8, "\1\2\1\2\0");
    PAGE(DICTIONARY, 2, 0, "\7\0\0\0\10\0\0\0");
}

static void two_dictionaries(struct bytes *bytes)
{
    PAGE(DICTIONARY, 2, 0, "\7\0\0\0\10\0\0\0");
    PAGE(DICTIONARY, 2, 0, "\7\0\0\0\10\0\0\0");
}

static void index_of_the_highest_bit(struct bytes *bytes)
{
    PAGE(DICTIONARY, 2, 0, "\7\0\0\0\10\0\0\0");
    PAGE(DATA_PAGE, 2, 8, "\40\4\377\377\377\377");
}

static void index_beyond_the_dictionary(struct bytes *bytes)
{
    PAGE(DICTIONARY, 2, 0, "\7\0\0\0\10\0\0\0");
    PAGE(DATA_PAGE, 2, 8, "\2\4\2");
}

static void index_of_no_bits(struct bytes *bytes)
{
    PAGE(DICTIONARY, 1, 0, "\7\0\0\0");
    PAGE(DATA_PAGE, 2, 8, "\0\4");
}

static void index_of_40_bits(struct bytes *bytes)
{
    PAGE(DICTIONARY, 1, 0, "\7\0\0\0");
    PAGE(DATA_PAGE, 2, 8, "\50\4\0\0\0\0\0");
}

static void negative_dictionary(struct bytes *bytes)
{
    PAGE(DICTIONARY, -2, 0, "\7\0\0\0\10\0\0\0");
}

static void large_dictionary(struct bytes *bytes)
{
    PAGE(DICTIONARY, 1 << 30, 0, "\7\0\0\0\10\0\0\0");
}

static void short_dictionary(struct bytes *bytes)
{
    PAGE(DICTIONARY, 2, 0, "\3\0\0\0abc\5\0\0\0a");
}

static void dictionary_then_plain(struct bytes *bytes)
{
    PAGE(DICTIONARY, 2, 0, "\7\0\0\0\10\0\0\0");
    PAGE(DATA_PAGE, 2, 8, "\1\2\1\2\0");
    PAGE(DATA_PAGE, 1, 0, "\11\0\0\0");
}

static void more_values_than_rows(struct bytes *bytes)
{
    PAGE(DATA_PAGE, 3, 0, "\1\0\0\0\2\0\0\0\3\0\0\0");
}

static void fewer_bytes_than_values(struct bytes *bytes)
{
    PAGE(DATA_PAGE, 2, 0, "\1\0\0\0\2\0\0");
}

static void one_page_of_two(struct bytes *bytes)
{
    PAGE(DATA_PAGE, 1, 0, "\1\0\0\0");
}

static void size_that_drives_memory(struct bytes *bytes)
{
    BODY(DATA_PAGE, 1 << 30, 6, 2, 0, "\200\200\200\200\4\0");
}

static void size_that_drives_memory_unpacked(struct bytes *bytes)
{
    BODY(DATA_PAGE, 1 << 30, 6, 2, 0, "\1\0\0\0\2\0");
}

static void page_beyond_the_limit(struct bytes *bytes)
{
    BODY(DATA_PAGE, INT32_MAX, 6, 2, 0, "\1\0\0\0\2\0");
}

static void page_beyond_the_file(struct bytes *bytes)
{
    BODY(DATA_PAGE, 4000, 4000, 2, 0, "\1\0\0\0\2\0");
}

static void copy_before_the_beginning(struct bytes *bytes)
{
    BODY(DATA_PAGE, 8, 5, 2, 0, "\10\0a\36\5");
}

static void copies_of_copies(struct bytes *bytes)
{
    BODY(DATA_PAGE, 8, 8, 2, 0, "\10\14\1\0\0\0\1\4");
}

static void levels_too_few(struct bytes *bytes)
{
    PAGE(DATA_PAGE, 2, 0, "\2\0\0\0\2\1\7\0\0\0");
}

static void levels_too_long(struct bytes *bytes)
{
    PAGE(DATA_PAGE, 2, 0, "\377\0\0\0\4\1\7\0\0\0\10\0\0\0");
}

static void levels_of_two(struct bytes *bytes)
{
    PAGE(DATA_PAGE, 2, 0, "\2\0\0\0\4\2\7\0\0\0\10\0\0\0");
}

static void levels_of_none(struct bytes *bytes)
{
    PAGE(DATA_PAGE, 2, 8, "\2\0\0\0\4\0");
    /* no dictionary is needed where no row has a value, but this writer has one */
}

static void none_has_a_value(struct bytes *bytes)
{
    PAGE(DICTIONARY, 0, 0, "");
    PAGE(DATA_PAGE, 2, 8, "\2\0\0\0\4\0");
}

static void delta_of_no_block(struct bytes *bytes)
{
    PAGE(DATA_PAGE, 2, 5, "\0\0\2\2");
}

static void delta_of_wide_bits(struct bytes *bytes)
{
    PAGE(DATA_PAGE, 2, 5, "\200\1\4\2\2\0\377\0\0\0");
}

static void delta_of_more_than_there_is(struct bytes *bytes)
{
    PAGE(DATA_PAGE, 2, 5, "\200\1\4\2\2\0\40\0\0\0\1\2\3");
}

static void delta_of_one(struct bytes *bytes)
{
    PAGE(DATA_PAGE, 2, 5, "\200\1\4\1\2");
}

static void length_below_zero(struct bytes *bytes)
{
    PAGE(DATA_PAGE, 1, 6, "\200\1\4\1\1abc");
}

static void length_beyond_the_page(struct bytes *bytes)
{
    PAGE(DATA_PAGE, 1, 6, "\200\1\4\1\24abc");
}

static void prefix_of_nothing(struct bytes *bytes)
{
    PAGE(DATA_PAGE, 1, 7, "\200\1\4\1\6\200\1\4\1\6abc");
}

static void text_beyond_the_page(struct bytes *bytes)
{
    PAGE(DATA_PAGE, 1, 0, "\377\377\377\377abc");
}

static void zero_in_a_text(struct bytes *bytes)
{
    PAGE(DATA_PAGE, 2, 0, "\1\0\0\0a\3\0\0\0a\0b");
}

static void split_of_no_whole_values(struct bytes *bytes)
{
    PAGE(DATA_PAGE, 2, 9, "\1\2\3\4\5\6\7");
}

static void no_such_encoding(struct bytes *bytes)
{
    PAGE(DATA_PAGE, 2, 17, "\1\2\3\4\5\6\7\10");
}

static void wrong_checksum(struct bytes *bytes)
{
    put_number(bytes, 1, DATA_PAGE);
    put_number(bytes, 1, 8);
    put_number(bytes, 1, 8);
    put_number(bytes, 1, 12345);
    put_byte(bytes, 1 << 4 | 12);
    put_number(bytes, 1, 2);
    put_number(bytes, 1, 0);
    put_byte(bytes, 0);
    put_byte(bytes, 0);
    put(bytes, "\1\0\0\0\2\0\0\0", 8);
}

static void header_without_an_end(struct bytes *bytes)
{
    put_number(bytes, 1, DATA_PAGE);
    put_number(bytes, 1, 8);
    for (int i = 0; i < 100; i++)
        put_byte(bytes, 1 << 4 | 12);
}

#define DAMAGED(what) "'t.parquet' is damaged: " what
#define IN_X " (column 'x')"

static const struct made all_made[] = {
    {"two integers", .physical = INT32, .rows = 2, .pages = two_integers, .text = "1: 1\n2: -1\n"},
    {"a dictionary and its indices", .physical = INT32, .rows = 2, .pages = dictionary_first,
     .dictionary_start = 4, .text = "1: 8\n2: 7\n"},
    {"a dictionary whose offset is missing", .physical = INT32, .rows = 2, .pages = dictionary_first,
     .text = "1: 8\n2: 7\n"},
    {"plain values after a dictionary", .physical = INT32, .rows = 3, .pages = dictionary_then_plain,
     .text = "1: 8\n2: 7\n3: 9\n"},
    {"indices without bits", .physical = INT32, .rows = 2, .pages = index_of_no_bits, .text = "1: 7\n2: 7\n"},
    {"a page without a value", .physical = INT32, .optional = true, .rows = 2, .pages = none_has_a_value,
     .text = "1: nan\n2: nan\n"},
    {"a copy that reaches into what it makes", .physical = INT32, .codec = 1, .rows = 2,
     .pages = copies_of_copies, .text = "1: 1\n2: 1\n"},

    {"a data page before its dictionary", .physical = INT32, .rows = 2, .pages = dictionary_behind,
     .told = DAMAGED("a page needs a dictionary, and there is none before it" IN_X)},
    {"no dictionary at all", .physical = INT32, .optional = true, .rows = 2, .pages = levels_of_none,
     .told = DAMAGED("a page needs a dictionary, and there is none before it" IN_X)},
    {"two dictionaries", .physical = INT32, .rows = 2, .pages = two_dictionaries,
     .told = DAMAGED("a row group has two dictionaries" IN_X)},
    {"an index that is negative where it is signed", .physical = INT32, .rows = 2,
     .pages = index_of_the_highest_bit,
     .told = DAMAGED("an index of a page is none of its dictionary, which has 2 values" IN_X)},
    {"an index beyond the dictionary", .physical = INT32, .rows = 2, .pages = index_beyond_the_dictionary,
     .told = DAMAGED("an index of a page is none of its dictionary, which has 2 values" IN_X)},
    {"an index of 40 bits", .physical = INT32, .rows = 2, .pages = index_of_40_bits,
     .told = DAMAGED("an index cannot have 40 bits" IN_X)},
    {"a dictionary of -2 values", .physical = INT32, .rows = 2, .pages = negative_dictionary,
     .told = DAMAGED("the header of a page cannot be read" IN_X)},
    {"a dictionary of more values than bytes", .physical = INT32, .rows = 2, .pages = large_dictionary,
     .told = DAMAGED("a dictionary of 8 bytes cannot have 1073741824 values" IN_X)},
    {"a dictionary that is cut short", .physical = BYTE_ARRAY, .is_text = true, .rows = 2,
     .pages = short_dictionary, .told = DAMAGED("a dictionary ends before its last value" IN_X)},
    {"a page of more values than rows", .physical = INT32, .rows = 2, .pages = more_values_than_rows,
     .told = DAMAGED("its pages have more values than a row group has rows" IN_X)},
    {"a page of fewer bytes than its values", .physical = INT32, .rows = 2, .pages = fewer_bytes_than_values,
     .told = DAMAGED("a page ends before its last value" IN_X)},
    {"pages of fewer values than rows", .physical = INT32, .rows = 2, .pages = one_page_of_two,
     .text = "1: 1\n", .told = DAMAGED("it ends before the last row of a row group" IN_X)},
    {"a size that would take a gigabyte", .physical = INT32, .codec = 1, .rows = 2,
     .pages = size_that_drives_memory, .told = DAMAGED("a page is no valid snappy data")},
    {"the same, not compressed", .physical = INT32, .rows = 2, .pages = size_that_drives_memory_unpacked,
     .told = DAMAGED("a page is no valid uncompressed data")},
    {"the same of gzip", .physical = INT32, .codec = 2, .rows = 2, .pages = size_that_drives_memory_unpacked,
     .told = DAMAGED("incorrect header check")},
    {"the same of zstd", .physical = INT32, .codec = 6, .rows = 2, .pages = size_that_drives_memory_unpacked,
     .told = DAMAGED("a page is no valid zstd data")},
    {"the same of LZ4", .physical = INT32, .codec = 7, .rows = 2, .pages = size_that_drives_memory_unpacked,
     .told = DAMAGED("a page is no valid LZ4 data")},
    {"a page beyond what is read", .physical = INT32, .rows = 2, .pages = page_beyond_the_limit,
     .told = "column 'x' of 't.parquet' has a page of more than 1024 MiB; row groups or pages can be written "
             "smaller"},
    {"a page beyond the file", .physical = INT32, .rows = 2, .pages = page_beyond_the_file,
     .told = DAMAGED("a page does not lie within its column" IN_X)},
    {"a copy of what stands before the beginning", .physical = INT32, .codec = 1, .rows = 2,
     .pages = copy_before_the_beginning, .told = DAMAGED("a page is no valid snappy data")},
    {"too few levels", .physical = INT32, .optional = true, .rows = 2, .pages = levels_too_few,
     .told = DAMAGED("what marks missing values is cut short" IN_X)},
    {"levels longer than the page", .physical = INT32, .optional = true, .rows = 2, .pages = levels_too_long,
     .told = DAMAGED("what marks missing values is cut short" IN_X)},
    {"a level that is too high", .physical = INT32, .optional = true, .rows = 2, .pages = levels_of_two,
     .told = DAMAGED("what marks missing values is cut short" IN_X)},
    {"differences in blocks of none", .physical = INT32, .rows = 2, .pages = delta_of_no_block,
     .told = DAMAGED("the values of a page cannot be read" IN_X)},
    {"differences of 255 bits", .physical = INT32, .rows = 2, .pages = delta_of_wide_bits,
     .told = DAMAGED("a page ends before its last value" IN_X)},
    {"differences beyond the page", .physical = INT32, .rows = 2, .pages = delta_of_more_than_there_is,
     .told = DAMAGED("a page ends before its last value" IN_X)},
    {"fewer differences than values", .physical = INT32, .rows = 2, .pages = delta_of_one,
     .told = DAMAGED("a page ends before its last value" IN_X)},
    {"a length below zero", .physical = BYTE_ARRAY, .is_text = true, .rows = 1, .pages = length_below_zero,
     .told = DAMAGED("a page ends before its last value" IN_X)},
    {"a length beyond the page", .physical = BYTE_ARRAY, .is_text = true, .rows = 1,
     .pages = length_beyond_the_page, .told = DAMAGED("a page ends before its last value" IN_X)},
    {"the beginning of a text that is not there", .physical = BYTE_ARRAY, .is_text = true, .rows = 1,
     .pages = prefix_of_nothing, .told = DAMAGED("a text is longer than what there is of it" IN_X)},
    {"a text beyond the page", .physical = BYTE_ARRAY, .is_text = true, .rows = 1,
     .pages = text_beyond_the_page, .told = DAMAGED("a page ends before its last value" IN_X)},
    {"a zero byte in a text", .physical = BYTE_ARRAY, .is_text = true, .rows = 2, .pages = zero_in_a_text,
     .text = "1: a\n", .told = "t.parquet, row 2: zero byte in column 'x'; texts have none"},
    {"bytes of no whole values", .physical = INT32, .rows = 2, .pages = split_of_no_whole_values,
     .told = DAMAGED("a page has no whole values" IN_X)},
    {"an encoding that is not known", .physical = INT32, .rows = 2, .pages = no_such_encoding,
     .told = "column 'x' of 't.parquet' has encoding 17, which is not read"},
    {"a page whose checksum is another", .physical = INT32, .rows = 2, .pages = wrong_checksum,
     .told = DAMAGED("the checksum of a page is not that of its bytes" IN_X)},
    {"a header in which structs have no end", .physical = INT32, .rows = 2, .pages = header_without_an_end,
     .told = DAMAGED("the header of a page cannot be read" IN_X)},

    {"a footer of lists in lists", .physical = INT32, .rows = 2, .pages = two_integers, .depth = 2000,
     .told = DAMAGED("its footer cannot be read")},
    {"no end", .physical = INT32, .rows = 2, .pages = two_integers, .cut = 3,
     .told = DAMAGED("it is cut short, as it does not end in 'PAR1'")},
    {"an encrypted footer", .physical = INT32, .rows = 2, .pages = two_integers, .end = "PARE",
     .told = "'t.parquet' is encrypted Parquet, which is not read"},
    {"an encrypted column", .physical = INT32, .rows = 2, .pages = two_integers, .encrypted = true,
     .told = "column 'x' of 't.parquet' is encrypted, which is not read"},
    {"values of a size that cannot be", .physical = FIXED, .width = -4, .rows = 2, .pages = two_integers,
     .told = DAMAGED("a value cannot have -4 bytes" IN_X)},
    {"values of a size beyond memory", .physical = FIXED, .width = INT32_MAX, .rows = 2,
     .pages = two_integers, .told = DAMAGED("a value cannot have 2147483647 bytes" IN_X)},
    {"a type that is not known", .physical = 9, .rows = 2, .pages = two_integers,
     .told = DAMAGED("a type is not known" IN_X)},
    {"a codec that is not known", .physical = INT32, .codec = 77, .rows = 2, .pages = two_integers,
     .told =
         "column 'x' of 't.parquet' is compressed with an unknown codec, which is not read; snappy, gzip, "
         "zstd, LZ4 and no compression are"},
    {"a column beyond the file", .physical = INT32, .rows = 2, .pages = two_integers, .chunk_size = 1 << 20,
     .told = DAMAGED("a column lies outside of the file" IN_X)},
    {"a column before the file", .physical = INT32, .rows = 2, .pages = two_integers, .chunk_start = -8,
     .told = DAMAGED("a column lies outside of the file" IN_X)},
    {"a size below zero", .physical = INT32, .rows = 2, .pages = two_integers, .chunk_size = -8,
     .told = DAMAGED("what stands of a column cannot be read" IN_X)},
    {"a column of fewer values than rows", .physical = INT32, .rows = 2, .values = 1, .pages = two_integers,
     .told = DAMAGED("a column has 1 values in a row group of 2 rows" IN_X)},
    {"row groups of other rows than the file", .physical = INT32, .rows = 2, .group_rows = 3,
     .pages = two_integers, .told = DAMAGED("it says that it has 2 rows, and its row groups have 3")},
    {"rows below zero", .physical = INT32, .rows = -2, .pages = two_integers,
     .told = DAMAGED("a row group cannot have -2 rows")},
    {"more columns than the schema describes", .physical = INT32, .rows = 2, .children = 1000,
     .pages = two_integers, .told = DAMAGED("its schema cannot be read")},
    {"a row group of two columns", .physical = INT32, .rows = 2, .leaves = 2, .pages = two_integers,
     .told = DAMAGED("a row group has 2 columns, and the schema 1")},
    {"rows without end in a few bytes", .physical = INT32, .optional = true, .rows = INT32_MAX,
     .pages = two_integers,
     .told = "'t.parquet' says that it has 2147483647 rows in 101 bytes; at most 1000 in a byte are read"},
};

static void makes_or_tells(void **state)
{
    const struct made *made = *state;
    struct bytes file;
    const struct read_rows how = {
        .path = "t.parquet",
        .options = {.format = "parquet"},
        .requests = {{.name = "x", .decode = made->is_text ? MLG_DECODE_TEXT : MLG_DECODE_NUMBER, KEEP}}};
    static const enum world_memory_kind kinds[] = {WORLD_MEMORY_FILE, WORLD_MEMORY_STREAM};
    make(made, &file);
    for (size_t i = 0; i < COUNT(kinds); i++)
        reader_tells(&how, kinds[i], file.data, file.size, made->text ? made->text : "",
                     made->told ? made->told : "");
}

/* ---- what is Parquet, and what is not ------------------------------------------------------------------ */

static void told_of(const char *content, size_t size, enum world_memory_kind kind, const char *format,
                    const char *told)
{
    struct mlg_reader_tuning tuning = mlg_reader_tuning_usual;
    tuning.held_stream_bytes = 1024 * 1024;
    const struct read_rows how = {.path = "t.parquet",
                                  .tuning = &tuning,
                                  .options = {.format = format},
                                  .requests = {{.name = "PAR1", .decode = MLG_DECODE_TEXT, KEEP}}};
    reader_tells(&how, kind, content, size, NULL, told);
}

static void content_says_what_is_parquet(void **state)
{
    (void)state;
    static const char csv[] = "PAR1,x\na,b\n", cut[] = "PAR1\25\4\25\0\1";
    told_of(csv, sizeof csv - 1, WORLD_MEMORY_FILE, NULL, "");
    told_of(csv, sizeof csv - 1, WORLD_MEMORY_FILE, "parquet", "'t.parquet' is damaged: it is cut short");
    told_of("a,b\n1,2\n", 8, WORLD_MEMORY_FILE, "parquet",
            "'t.parquet' is no Parquet file, which begins with 'PAR1'");
    told_of(cut, sizeof cut - 1, WORLD_MEMORY_FILE, NULL, "'t.parquet' is damaged: it is cut short");
    char *large = calloc(1, 3 << 20);
    assert_non_null(large);
    memcpy(large, "PAR1\25", 5);
    told_of(large, 3 << 20, WORLD_MEMORY_STREAM, NULL,
            "'t.parquet' is more than 1 MiB of Parquet in a pipe, an archive or a compressed file, which "
            "would have "
            "to be held; a plain file may be larger");
    free(large);
}

static void a_file_that_changes_is_an_error(void **state)
{
    (void)state;
    static const enum world_memory_kind kinds[] = {WORLD_MEMORY_CHANGING, WORLD_MEMORY_SHRINKING};
    for (size_t i = 0; i < 2; i++) {
        struct world_memory memory;
        world_memory_init(&memory);
        assert_true(world_memory_load(&memory, "t.parquet", DATA "plain.parquet"));
        memory.files[0].kind = kinds[i];
        struct read_rows read = {.path = "t.parquet", .requests = {NUMBER("id")}};
        assert_int_not_equal(read_rows(&memory, &read), 0);
        assert_string_equal(read.told, "'t.parquet' changed while it was read");
        read_rows_free(&read);
        world_memory_free(&memory);
    }
}

int main(void)
{
    enum { FIXED_TESTS = 3 };
    struct CMUnitTest tests[FIXED_TESTS + COUNT(all_asked) + COUNT(all_made)] = {
        cmocka_unit_test(the_same_rows_from_every_way_to_write_them),
        cmocka_unit_test(content_says_what_is_parquet),
        cmocka_unit_test(a_file_that_changes_is_an_error),
    };
    size_t count = FIXED_TESTS;
    NAMED_ROWS(tests, count, all_asked, reads_or_tells);
    NAMED_ROWS(tests, count, all_made, makes_or_tells);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
