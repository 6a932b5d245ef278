/* parquet_pages: a column of a row group, page by page. */
#include <stdlib.h>
#include <string.h>

#include "parquet.h"
#include "parquet_encodings.h"
#include "parquet_thrift.h"

enum {
    READ_AHEAD = 256 * 1024,
    HEADER_FIRST = 16 * 1024,       /* most headers are less than 100 bytes ... */
    HEADER_MOST = 8 * 1024 * 1024,  /* ... but statistics may stand in them */
    BATCH_BYTES = 256 * 1024 * 1024 /* of texts that are made of others */
};

enum { PAGE_DATA, PAGE_INDEX, PAGE_DICTIONARY, PAGE_DATA_V2 };
enum {
    PLAIN = 0,
    PLAIN_DICTIONARY = 2,
    RLE = 3,
    BIT_PACKED = 4,
    DELTA_BINARY_PACKED = 5,
    DELTA_LENGTH_BYTE_ARRAY = 6,
    DELTA_BYTE_ARRAY = 7,
    RLE_DICTIONARY = 8,
    BYTE_STREAM_SPLIT = 9
};

struct header {
    int64_t type, size, packed_size; /* of what follows, unpacked and as it lies there */
    int64_t values, encoding, level_encoding, levels_size, repetitions_size;
    uint32_t crc;
    bool has_crc, packed;
};

/* Values, in the one way in which a column's values are held. */
struct store {
    int64_t *integers;
    double *reals;
    struct mlg_text *bytes;
};

struct mlg_parquet_cursor {
    struct mlg_parquet *file;
    const struct mlg_parquet_column *column;
    struct mlg_parquet_chunk chunk;
    uint64_t rows_left; /* of the row group, those of the page included */
    uint64_t offset;    /* of the next page */

    struct mlg_parquet_room window; /* bytes of the file */
    uint64_t window_at;
    size_t window_size;
    struct mlg_parquet_room unpacked, split, marks; /* the page; marks: its levels */

    size_t page_rows; /* left of the page */
    int64_t encoding;
    struct mlg_hybrid levels, runs; /* runs: indices of a dictionary, or truth values */
    const unsigned char *at, *end;  /* of the values that are read byte by byte */
    unsigned bit;
    struct mlg_delta numbers, prefixes; /* numbers: values, or lengths of texts */
    struct mlg_parquet_room texts, last;
    size_t last_size;

    struct mlg_parquet_room dictionary_bytes;
    struct store dictionary;
    size_t dictionary_count;
    uint64_t dictionary_number;

    struct store store; /* of a batch */
    uint32_t indices[MLG_BATCH_ROWS];
    unsigned char present[MLG_BATCH_ROWS];
    uint32_t level[MLG_BATCH_ROWS];
    int64_t lengths[MLG_BATCH_ROWS], prefix[MLG_BATCH_ROWS];
};

static int no_memory(const struct mlg_parquet_cursor *cursor, struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory to read '%s'", cursor->file->shown);
}

#define DAMAGED(cursor, ...) mlg_parquet_damaged((cursor)->file, (cursor)->column, error, __VA_ARGS__)

/* ---- what values are ---------------------------------------------------------------------------------- */

static bool is_real(const struct mlg_parquet_column *column)
{
    return column->meaning == MLG_PARQUET_REAL;
}

static bool is_integer(const struct mlg_parquet_column *column)
{
    return !is_real(column) && column->physical <= MLG_PARQUET_INT64;
}

/* Bytes of a value; 0 where they differ, and of truth values, which are bits. */
static size_t width_of(const struct mlg_parquet_column *column)
{
    static const size_t widths[] = {
        [MLG_PARQUET_INT32] = 4, [MLG_PARQUET_INT64] = 8,  [MLG_PARQUET_INT96] = 12,
        [MLG_PARQUET_FLOAT] = 4, [MLG_PARQUET_DOUBLE] = 8, [MLG_PARQUET_BYTE_ARRAY] = 0,
    };
    return column->physical == MLG_PARQUET_FIXED ? column->width : widths[column->physical];
}

static bool store_new(struct store *store, const struct mlg_parquet_column *column, size_t count)
{
    *store = (struct store){0};
    if (is_real(column))
        store->reals = calloc(count + 1, sizeof *store->reals);
    else if (is_integer(column))
        store->integers = calloc(count + 1, sizeof *store->integers);
    else
        store->bytes = calloc(count + 1, sizeof *store->bytes);
    return store->reals || store->integers || store->bytes;
}

static void store_free(struct store *store)
{
    free(store->reals);
    free(store->integers);
    free(store->bytes);
    *store = (struct store){0};
}

static uint64_t little(const unsigned char *bytes, size_t size)
{
    uint64_t word = 0;
    for (size_t i = 0; i < size; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

/* Half precision, exactly. */
static double half(unsigned bits)
{
    const unsigned exponent = bits >> 10 & 31;
    const uint64_t sign = (uint64_t)(bits >> 15) << 63;
    uint64_t mantissa = bits & 1023, word = sign;
    double value;
    if (exponent == 31) {
        word |= UINT64_C(0x7ff) << 52 | mantissa << 42;
    } else if (exponent > 0) {
        word |= (uint64_t)(exponent + 1008) << 52 | mantissa << 42;
    } else {
        value = (double)mantissa / 16777216; /* 2^-24 */
        return sign ? -value : value;
    }
    memcpy(&value, &word, sizeof value);
    return value;
}

/* The whole number of an INT32 or INT64, of which only the low bits count. */
static int64_t integer_of(const struct mlg_parquet_column *column, uint64_t word)
{
    if (column->physical == MLG_PARQUET_INT64)
        return (int64_t)word;
    const uint32_t low = (uint32_t)word;
    return column->meaning == MLG_PARQUET_UNSIGNED ? (int64_t)low : (int64_t)(int32_t)low;
}

static void put_fixed(const struct mlg_parquet_column *column, struct store *store, size_t slot,
                      const unsigned char *bytes)
{
    switch (column->physical) {
    case MLG_PARQUET_INT32:
        store->integers[slot] = integer_of(column, little(bytes, 4));
        break;
    case MLG_PARQUET_INT64:
        store->integers[slot] = (int64_t)little(bytes, 8);
        break;
    case MLG_PARQUET_FLOAT: {
        const uint32_t word = (uint32_t)little(bytes, 4);
        float value;
        memcpy(&value, &word, sizeof value);
        store->reals[slot] = (double)value;
        break;
    }
    case MLG_PARQUET_DOUBLE: {
        const uint64_t word = little(bytes, 8);
        memcpy(&store->reals[slot], &word, sizeof word);
        break;
    }
    default:
        if (is_real(column))
            store->reals[slot] = half((unsigned)little(bytes, 2));
        else
            store->bytes[slot] = (struct mlg_text){(const char *)bytes, width_of(column)};
    }
}

/* PLAIN: moves *at and *bit on; false: there are not as many. */
static bool take_plain(const struct mlg_parquet_column *column, const unsigned char **at,
                       const unsigned char *end, unsigned *bit, struct store *store, size_t count)
{
    const size_t width = width_of(column);
    if (column->physical == MLG_PARQUET_BOOLEAN) {
        for (size_t i = 0; i < count; i++) {
            if (*at == end)
                return false;
            store->integers[i] = **at >> *bit & 1;
            *bit = (*bit + 1) % 8;
            *at += *bit == 0;
        }
    } else if (width > 0) {
        if ((size_t)(end - *at) / width < count)
            return false;
        for (size_t i = 0; i < count; i++, *at += width)
            put_fixed(column, store, i, *at);
    } else {
        for (size_t i = 0; i < count; i++) {
            const size_t left = (size_t)(end - *at);
            const uint64_t size = left >= 4 ? little(*at, 4) : 0;
            if (left < 4 || size > left - 4)
                return false;
            store->bytes[i] = (struct mlg_text){(const char *)*at + 4, (size_t)size};
            *at += 4 + size;
        }
    }
    return true;
}

/* ---- bytes of the file -------------------------------------------------------------------------------- */

/* Bytes that lie in the chunk; they are valid until the next call. NULL: told. */
static const unsigned char *bytes_at(struct mlg_parquet_cursor *cursor, uint64_t offset, size_t size,
                                     struct mlg_error *error)
{
    if (cursor->file->held)
        return cursor->file->held + offset;
    if (cursor->window.bytes && offset >= cursor->window_at &&
        offset - cursor->window_at <= cursor->window_size &&
        size <= cursor->window_size - (size_t)(offset - cursor->window_at))
        return cursor->window.bytes + (offset - cursor->window_at);
    const uint64_t rest = cursor->chunk.end - offset;
    size_t more = size > READ_AHEAD ? size : READ_AHEAD;
    if (more > rest)
        more = (size_t)rest;
    cursor->window_size = 0;
    if (!mlg_parquet_reserve(&cursor->window, more)) {
        no_memory(cursor, error);
        return NULL;
    }
    if (mlg_parquet_read_at(cursor->file, offset, cursor->window.bytes, more, error))
        return NULL;
    cursor->window_at = offset;
    cursor->window_size = more;
    return cursor->window.bytes;
}

static void read_part(struct mlg_thrift *thrift, unsigned type, struct header *header)
{
    const bool v2 = header->type == PAGE_DATA_V2;
    unsigned field;
    if (!mlg_thrift_is_struct(thrift, type))
        return;
    for (int id = 0; (field = mlg_thrift_field(thrift, &id)) != 0;) {
        if (v2 && id == 7) {
            header->packed = mlg_thrift_boolean(thrift, field);
            continue;
        }
        int64_t *number = id == 1                                ? &header->values
                          : id == (v2 ? 4 : 2)                   ? &header->encoding
                          : v2 && id == 5                        ? &header->levels_size
                          : v2 && id == 6                        ? &header->repetitions_size
                          : id == 3 && header->type == PAGE_DATA ? &header->level_encoding
                                                                 : NULL;
        if (number)
            *number = mlg_thrift_integer_of(thrift, field, 0, INT32_MAX);
        else
            mlg_thrift_skip(thrift, field);
    }
}

static void read_header(struct mlg_thrift *thrift, struct header *header)
{
    unsigned field;
    *header = (struct header){
        .type = -1, .size = -1, .packed_size = -1, .values = -1, .encoding = -1, .packed = true};
    for (int id = 0; (field = mlg_thrift_field(thrift, &id)) != 0;)
        switch (id) {
        case 1:
            header->type = mlg_thrift_integer_of(thrift, field, 0, INT32_MAX);
            break;
        case 2:
            header->size = mlg_thrift_integer_of(thrift, field, 0, INT32_MAX);
            break;
        case 3:
            header->packed_size = mlg_thrift_integer_of(thrift, field, 0, INT32_MAX);
            break;
        case 4:
            header->crc = (uint32_t)mlg_thrift_integer(thrift, field);
            header->has_crc = true;
            break;
        case 5:
        case 7:
        case 8:
            if ((id == 5 && header->type == PAGE_DATA) || (id == 7 && header->type == PAGE_DICTIONARY) ||
                (id == 8 && header->type == PAGE_DATA_V2)) {
                read_part(thrift, field, header);
                break;
            }
            mlg_thrift_skip(thrift, field);
            break;
        default:
            mlg_thrift_skip(thrift, field);
        }
}

/* The header of the next page; `body` is where what follows it lies. */
static int next_header(struct mlg_parquet_cursor *cursor, struct header *header, uint64_t *body,
                       struct mlg_error *error)
{
    struct mlg_thrift thrift = {.bad = true};
    const uint64_t rest = cursor->chunk.end - cursor->offset;
    for (size_t size = HEADER_FIRST; thrift.bad; size = HEADER_MOST) {
        const size_t look = rest < size ? (size_t)rest : size;
        const unsigned char *bytes = bytes_at(cursor, cursor->offset, look, error);
        if (!bytes)
            return (int)error->code;
        thrift = (struct mlg_thrift){bytes, bytes + look, false};
        read_header(&thrift, header);
        if (thrift.bad && (look < size || size == HEADER_MOST))
            return DAMAGED(cursor, "the header of a page cannot be read");
        *body = cursor->offset + (uint64_t)(thrift.at - bytes);
    }
    if (header->type < 0 || header->size < 0 || header->packed_size < 0 ||
        (uint64_t)header->packed_size > cursor->chunk.end - *body)
        return DAMAGED(cursor, "a page does not lie within its column");
    if (header->size > MLG_PARQUET_PAGE || header->packed_size > MLG_PARQUET_PAGE)
        return mlg_error_set(error, MLG_LIMIT,
                             "column '%s' of '%s' has a page of more than %d MiB; row groups or pages can be "
                             "written smaller",
                             cursor->column->name, cursor->file->shown, MLG_PARQUET_PAGE >> 20);
    if (header->type != PAGE_INDEX && (header->values < 0 || header->encoding < 0))
        return DAMAGED(cursor, "the header of a page is not whole");
    return 0;
}

static int unpack(struct mlg_parquet_cursor *cursor, const unsigned char *packed, size_t packed_size,
                  struct mlg_parquet_room *out, size_t size, struct mlg_error *error)
{
    if (size == 0 && packed_size == 0)
        return mlg_parquet_reserve(out, 0) ? 0 : no_memory(cursor, error);
    return mlg_parquet_decompress(cursor->chunk.codec, packed, packed_size, out, size, cursor->file->shown,
                                  error);
}

/* ---- pages -------------------------------------------------------------------------------------------- */

static int read_dictionary(struct mlg_parquet_cursor *cursor, const struct header *header,
                           const unsigned char *body, struct mlg_error *error)
{
    const struct mlg_parquet_column *column = cursor->column;
    const size_t size = (size_t)header->size, count = (size_t)header->values, width = width_of(column);
    if (cursor->dictionary_number)
        return DAMAGED(cursor, "a row group has two dictionaries");
    if (header->encoding != PLAIN && header->encoding != PLAIN_DICTIONARY)
        return DAMAGED(cursor, "a dictionary has encoding %lld", (long long)header->encoding);
    /* A value takes its bytes, or those of its size: so many there can be at most. */
    if (column->physical == MLG_PARQUET_BOOLEAN || count > size / (width > 0 ? width : 4))
        return DAMAGED(cursor, "a dictionary of %zu bytes cannot have %zu values", size, count);
    int code = unpack(cursor, body, (size_t)header->packed_size, &cursor->dictionary_bytes, size, error);
    if (code)
        return code;
    store_free(&cursor->dictionary);
    if (!store_new(&cursor->dictionary, column, count))
        return no_memory(cursor, error);
    const unsigned char *at = cursor->dictionary_bytes.bytes;
    unsigned bit = 0;
    if (!take_plain(column, &at, at + size, &bit, &cursor->dictionary, count))
        return DAMAGED(cursor, "a dictionary ends before its last value");
    cursor->dictionary_count = count;
    cursor->dictionary_number = cursor->chunk.start;
    return 0;
}

/* Puts the bytes of values, which lie apart, together. */
static int unsplit(struct mlg_parquet_cursor *cursor, struct mlg_error *error)
{
    const size_t width = width_of(cursor->column), size = (size_t)(cursor->end - cursor->at);
    if (width == 0 || size % width != 0)
        return DAMAGED(cursor, "a page has no whole values");
    if (!mlg_parquet_reserve(&cursor->split, size))
        return no_memory(cursor, error);
    const size_t count = size / width;
    for (size_t k = 0; k < width; k++)
        for (size_t i = 0; i < count; i++)
            cursor->split.bytes[i * width + k] = cursor->at[k * count + i];
    cursor->at = cursor->split.bytes;
    cursor->end = cursor->at + size;
    cursor->encoding = PLAIN;
    return 0;
}

static int not_read(const struct mlg_parquet_cursor *cursor, struct mlg_error *error)
{
    return mlg_error_set(error, MLG_DATA, "column '%s' of '%s' has encoding %lld, which is not read",
                         cursor->column->name, cursor->file->shown, (long long)cursor->encoding);
}

/* Values begin at cursor->at. */
static int begin_values(struct mlg_parquet_cursor *cursor, struct mlg_error *error)
{
    const enum mlg_parquet_physical physical = cursor->column->physical;
    const bool bytes = physical == MLG_PARQUET_BYTE_ARRAY || physical == MLG_PARQUET_FIXED;
    cursor->bit = 0;
    switch (cursor->encoding) {
    case PLAIN:
        return 0;
    case PLAIN_DICTIONARY:
    case RLE_DICTIONARY:
        cursor->encoding = RLE_DICTIONARY;
        if (!cursor->dictionary_number)
            return DAMAGED(cursor, "a page needs a dictionary, and there is none before it");
        mlg_hybrid_begin(&cursor->runs, cursor->at, cursor->end, 0);
        if (cursor->at < cursor->end) {
            const unsigned width = *cursor->at;
            if (width > 32)
                return DAMAGED(cursor, "an index cannot have %u bits", width);
            mlg_hybrid_begin(&cursor->runs, cursor->at + 1, cursor->end, width);
        }
        return 0;
    case RLE: {
        if (physical != MLG_PARQUET_BOOLEAN)
            return not_read(cursor, error);
        const size_t left = (size_t)(cursor->end - cursor->at);
        const uint64_t size = left >= 4 ? little(cursor->at, 4) : 0;
        if (left > 0 && (left < 4 || size > left - 4))
            return DAMAGED(cursor, "the values of a page are cut short");
        mlg_hybrid_begin(&cursor->runs, cursor->at + (left > 0 ? 4 : 0),
                         cursor->at + (left > 0 ? 4 + size : 0), 1);
        return 0;
    }
    case DELTA_BINARY_PACKED:
        if (physical != MLG_PARQUET_INT32 && physical != MLG_PARQUET_INT64)
            return not_read(cursor, error);
        return mlg_delta_begin(&cursor->numbers, cursor->at, cursor->end)
                   ? 0
                   : DAMAGED(cursor, "the values of a page cannot be read");
    case DELTA_BYTE_ARRAY:
    case DELTA_LENGTH_BYTE_ARRAY: {
        const unsigned char *at = cursor->at;
        bool good = true;
        if (!bytes || (physical == MLG_PARQUET_FIXED && cursor->encoding == DELTA_LENGTH_BYTE_ARRAY))
            return not_read(cursor, error);
        cursor->last_size = 0;
        if (cursor->encoding == DELTA_BYTE_ARRAY)
            good = mlg_delta_begin(&cursor->prefixes, at, cursor->end) &&
                   (at = mlg_delta_end(&cursor->prefixes)) != NULL;
        good = good && mlg_delta_begin(&cursor->numbers, at, cursor->end) &&
               (at = mlg_delta_end(&cursor->numbers)) != NULL;
        if (!good)
            return DAMAGED(cursor, "the lengths of a page's texts cannot be read");
        cursor->at = at;
        return 0;
    }
    case BYTE_STREAM_SPLIT:
        return unsplit(cursor, error);
    default:
        return not_read(cursor, error);
    }
}

static int begin_v1(struct mlg_parquet_cursor *cursor, const struct header *header, const unsigned char *body,
                    struct mlg_error *error)
{
    const size_t size = (size_t)header->size;
    int code = unpack(cursor, body, (size_t)header->packed_size, &cursor->unpacked, size, error);
    if (code)
        return code;
    cursor->at = cursor->unpacked.bytes;
    cursor->end = cursor->at + size;
    if (!cursor->column->optional)
        return 0;
    if (header->level_encoding != RLE)
        return mlg_error_set(
            error, MLG_DATA,
            "column '%s' of '%s' marks missing values in a way (BIT_PACKED) that is not read",
            cursor->column->name, cursor->file->shown);
    const uint64_t levels = size >= 4 ? little(cursor->at, 4) : 0;
    if (size < 4 || levels > size - 4)
        return DAMAGED(cursor, "what marks missing values is cut short");
    mlg_hybrid_begin(&cursor->levels, cursor->at + 4, cursor->at + 4 + levels, 1);
    cursor->at += 4 + levels;
    return 0;
}

static int begin_v2(struct mlg_parquet_cursor *cursor, const struct header *header, const unsigned char *body,
                    struct mlg_error *error)
{
    const size_t packed_size = (size_t)header->packed_size, size = (size_t)header->size,
                 levels = (size_t)header->levels_size, before = levels + (size_t)header->repetitions_size;
    if (before > packed_size || before > size)
        return DAMAGED(cursor, "what marks missing values is cut short");
    /* Levels are never compressed, and the window moves on. */
    const bool packed = header->packed && cursor->chunk.codec != MLG_PARQUET_PLAIN;
    if (!packed && packed_size != size)
        return DAMAGED(cursor, "a page has two sizes");
    if (!mlg_parquet_reserve(&cursor->marks, levels))
        return no_memory(cursor, error);
    if (levels > 0)
        memcpy(cursor->marks.bytes, body + header->repetitions_size, levels);
    int code = 0;
    const unsigned char *rest = body + before;
    if (packed) {
        code = unpack(cursor, rest, packed_size - before, &cursor->unpacked, size - before, error);
    } else if (!mlg_parquet_reserve(&cursor->unpacked, size - before)) {
        code = no_memory(cursor, error);
    } else if (size > before) {
        memcpy(cursor->unpacked.bytes, rest, size - before);
    }
    if (code)
        return code;
    cursor->at = cursor->unpacked.bytes;
    cursor->end = cursor->at + (size - before);
    if (cursor->column->optional)
        mlg_hybrid_begin(&cursor->levels, cursor->marks.bytes, cursor->marks.bytes + levels, 1);
    return 0;
}

static int next_page(struct mlg_parquet_cursor *cursor, struct mlg_error *error)
{
    struct header header = {0};
    uint64_t body_at = 0;
    if (cursor->offset >= cursor->chunk.end)
        return DAMAGED(cursor, "it ends before the last row of a row group");
    int code = next_header(cursor, &header, &body_at, error);
    if (code)
        return code;
    const size_t packed_size = (size_t)header.packed_size;
    const unsigned char *body = bytes_at(cursor, body_at, packed_size, error);
    if (!body)
        return (int)error->code;
    cursor->offset = body_at + packed_size;
    if (header.has_crc && mlg_crc_of(&cursor->file->crc, body, packed_size) != header.crc)
        return DAMAGED(cursor, "the checksum of a page is not that of its bytes");
    if (header.type == PAGE_DICTIONARY)
        return read_dictionary(cursor, &header, body, error);
    if (header.type != PAGE_DATA && header.type != PAGE_DATA_V2)
        return 0; /* nothing that belongs to a row */
    if ((uint64_t)header.values > cursor->rows_left)
        return DAMAGED(cursor, "its pages have more values than a row group has rows");
    code = header.type == PAGE_DATA ? begin_v1(cursor, &header, body, error)
                                    : begin_v2(cursor, &header, body, error);
    cursor->encoding = header.encoding;
    cursor->page_rows = (size_t)header.values;
    return code || cursor->page_rows == 0 ? code : begin_values(cursor, error);
}

/* ---- values ------------------------------------------------------------------------------------------- */

static bool take_indices(struct mlg_parquet_cursor *cursor, size_t count)
{
    struct store *to = &cursor->store;
    const struct store *from = &cursor->dictionary;
    if (mlg_hybrid_read(&cursor->runs, cursor->indices, count) != count) {
        /* Some writers write no runs where there is but one value. */
        if (cursor->runs.width > 0)
            return false;
        memset(cursor->indices, 0, count * sizeof *cursor->indices);
    }
    for (size_t i = 0; i < count; i++)
        if (cursor->indices[i] >= cursor->dictionary_count)
            return false;
    for (size_t i = 0; i < count; i++) {
        if (from->reals)
            to->reals[i] = from->reals[cursor->indices[i]];
        else if (from->integers)
            to->integers[i] = from->integers[cursor->indices[i]];
        else
            to->bytes[i] = from->bytes[cursor->indices[i]];
    }
    return true;
}

static bool take_lengths(struct mlg_parquet_cursor *cursor, size_t count)
{
    if (mlg_delta_read(&cursor->numbers, cursor->lengths, count) != count)
        return false;
    for (size_t i = 0; i < count; i++) {
        const int64_t size = cursor->lengths[i];
        if (size < 0 || size > cursor->end - cursor->at)
            return false;
        cursor->store.bytes[i] = (struct mlg_text){(const char *)cursor->at, (size_t)size};
        cursor->at += size;
    }
    return true;
}

static void put_bytes(const struct mlg_parquet_column *column, struct store *store, size_t slot,
                      const unsigned char *bytes, size_t size)
{
    if (is_real(column))
        store->reals[slot] = half((unsigned)little(bytes, 2));
    else
        store->bytes[slot] = (struct mlg_text){(const char *)bytes, size};
}

/* Texts of which each has the beginning of the one before: they are put together here. */
static int take_prefixed(struct mlg_parquet_cursor *cursor, size_t count, struct mlg_error *error)
{
    const struct mlg_parquet_column *column = cursor->column;
    uint64_t total = 0, before = cursor->last_size, suffixes = 0;
    if (mlg_delta_read(&cursor->prefixes, cursor->prefix, count) != count ||
        mlg_delta_read(&cursor->numbers, cursor->lengths, count) != count)
        return DAMAGED(cursor, "a page ends before its last value");
    for (size_t i = 0; i < count; i++) {
        const int64_t prefix = cursor->prefix[i], suffix = cursor->lengths[i];
        if (prefix < 0 || (uint64_t)prefix > before || suffix < 0 ||
            (uint64_t)suffix > (uint64_t)(cursor->end - cursor->at) - suffixes)
            return DAMAGED(cursor, "a text is longer than what there is of it");
        suffixes += (uint64_t)suffix;
        before = (uint64_t)(prefix + suffix);
        total += before;
        if (column->physical == MLG_PARQUET_FIXED && before != column->width)
            return DAMAGED(cursor, "a value does not have %zu bytes", column->width);
    }
    if (total > BATCH_BYTES)
        return mlg_error_set(error, MLG_LIMIT, "%zu values of column '%s' of '%s' have more than %d MiB",
                             count, column->name, cursor->file->shown, BATCH_BYTES >> 20);
    if (!mlg_parquet_reserve(&cursor->texts, (size_t)total) ||
        !mlg_parquet_reserve(&cursor->last, (size_t)before))
        return no_memory(cursor, error);
    unsigned char *out = cursor->texts.bytes;
    const unsigned char *last = cursor->last.bytes;
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t prefix = (size_t)cursor->prefix[i], suffix = (size_t)cursor->lengths[i];
        if (prefix > 0)
            memcpy(out, last, prefix);
        if (suffix > 0)
            memcpy(out + prefix, cursor->at, suffix);
        cursor->at += suffix;
        size = prefix + suffix;
        put_bytes(column, &cursor->store, i, out, size);
        last = out;
        out += size;
    }
    if (size > 0)
        memcpy(cursor->last.bytes, last, size);
    cursor->last_size = count > 0 ? size : cursor->last_size;
    return 0;
}

/* `count` values, without gaps. */
static int take_dense(struct mlg_parquet_cursor *cursor, size_t count, struct mlg_error *error)
{
    struct store *store = &cursor->store;
    bool good;
    switch (cursor->encoding) {
    case RLE_DICTIONARY:
        if (!take_indices(cursor, count))
            return DAMAGED(cursor, "an index of a page is none of its dictionary, which has %zu values",
                           cursor->dictionary_count);
        return 0;
    case RLE:
        good = mlg_hybrid_read(&cursor->runs, cursor->indices, count) == count;
        for (size_t i = 0; good && i < count; i++)
            store->integers[i] = cursor->indices[i];
        break;
    case DELTA_BINARY_PACKED:
        good = mlg_delta_read(&cursor->numbers, cursor->lengths, count) == count;
        for (size_t i = 0; good && i < count; i++)
            store->integers[i] = integer_of(cursor->column, (uint64_t)cursor->lengths[i]);
        break;
    case DELTA_LENGTH_BYTE_ARRAY:
        good = take_lengths(cursor, count);
        break;
    case DELTA_BYTE_ARRAY:
        return take_prefixed(cursor, count, error);
    default:
        good = take_plain(cursor->column, &cursor->at, cursor->end, &cursor->bit, store, count);
    }
    return good ? 0 : DAMAGED(cursor, "a page ends before its last value");
}

/* Moves values to the rows that have one. */
static void spread(struct mlg_parquet_cursor *cursor, size_t rows, size_t count)
{
    struct store *store = &cursor->store;
    for (size_t i = rows; i-- > 0;) {
        const bool present = cursor->present[i];
        count -= present;
        cursor->indices[i] = present ? cursor->indices[count] : 0;
        if (store->reals)
            store->reals[i] = present ? store->reals[count] : 0;
        else if (store->integers)
            store->integers[i] = present ? store->integers[count] : 0;
        else
            store->bytes[i] = present ? store->bytes[count] : (struct mlg_text){NULL, 0};
    }
}

int mlg_parquet_cursor_ready(struct mlg_parquet_cursor *cursor, size_t *rows, struct mlg_error *error)
{
    while (cursor->page_rows == 0 && cursor->rows_left > 0) {
        int code = next_page(cursor, error);
        if (code)
            return code;
    }
    *rows = cursor->page_rows;
    return 0;
}

int mlg_parquet_cursor_take(struct mlg_parquet_cursor *cursor, size_t rows, struct mlg_parquet_values *values,
                            struct mlg_error *error)
{
    size_t count = rows;
    if (cursor->column->optional) {
        if (mlg_hybrid_read(&cursor->levels, cursor->level, rows) != rows)
            return DAMAGED(cursor, "what marks missing values is cut short");
        count = 0;
        for (size_t i = 0; i < rows; i++) {
            cursor->present[i] = (unsigned char)cursor->level[i];
            count += cursor->level[i];
        }
    }
    /* A page without any value may hold nothing at all. */
    int code = count > 0 ? take_dense(cursor, count, error) : 0;
    if (code)
        return code;
    if (count < rows)
        spread(cursor, rows, count);
    cursor->page_rows -= rows;
    cursor->rows_left -= rows;
    const bool indexed = cursor->encoding == RLE_DICTIONARY;
    *values = (struct mlg_parquet_values){
        .present = count < rows ? cursor->present : NULL,
        .integers = cursor->store.integers,
        .reals = cursor->store.reals,
        .bytes = cursor->store.bytes,
        .indices = indexed ? cursor->indices : NULL,
        .dictionary_count = indexed ? cursor->dictionary_count : 0,
        .dictionary = indexed ? cursor->dictionary_number : 0,
    };
    return 0;
}

/* ---- cursors ------------------------------------------------------------------------------------------ */

struct mlg_parquet_cursor *mlg_parquet_cursor_new(struct mlg_parquet *file,
                                                  const struct mlg_parquet_column *column)
{
    struct mlg_parquet_cursor *cursor = calloc(1, sizeof *cursor);
    if (!cursor)
        return NULL;
    cursor->file = file;
    cursor->column = column;
    if (!store_new(&cursor->store, column, MLG_BATCH_ROWS)) {
        mlg_parquet_cursor_free(cursor);
        return NULL;
    }
    return cursor;
}

void mlg_parquet_cursor_free(struct mlg_parquet_cursor *cursor)
{
    if (!cursor)
        return;
    store_free(&cursor->store);
    store_free(&cursor->dictionary);
    free(cursor->dictionary_bytes.bytes);
    free(cursor->window.bytes);
    free(cursor->unpacked.bytes);
    free(cursor->split.bytes);
    free(cursor->marks.bytes);
    free(cursor->texts.bytes);
    free(cursor->last.bytes);
    free(cursor);
}

int mlg_parquet_cursor_begin(struct mlg_parquet_cursor *cursor, size_t group, struct mlg_error *error)
{
    int code = mlg_parquet_find_chunk(cursor->file, cursor->column, group, &cursor->chunk, error);
    if (code)
        return code;
    cursor->offset = cursor->chunk.start;
    cursor->rows_left = cursor->file->groups[group].rows;
    cursor->page_rows = 0;
    cursor->window_size = 0;
    cursor->dictionary_number = 0;
    cursor->dictionary_count = 0;
    return 0;
}
