/* parquet_codec: see parquet_codec.h. Snappy and LZ4 blocks are a page of code each, and read here, so that
 * no library has to be installed for them; gzip and zstd go through the doors that sources use. */
#include "parquet_codec.h"

#include <stdlib.h>
#include <string.h>

#include "gzip.h"
#include "unarchive.h"

/* What nothing can be denser than: a copy of 64 bytes is 2 bytes of snappy at least, a byte of LZ4 stands for
 * 255 more. */
enum { SNAPPY_MOST = 32, LZ4_MOST = 256, FIRST_ROOM = 64 * 1024 };

const char *mlg_parquet_codec_refused(int64_t codec)
{
#define NOT_READ(codec)                                                                                      \
    "is compressed with " codec ", which is not read; snappy, gzip, zstd, LZ4 and no compression are"
    return codec == MLG_PARQUET_LZO                   ? NOT_READ("LZO")
           : codec == MLG_PARQUET_BROTLI              ? NOT_READ("Brotli")
           : codec < 0 || codec > MLG_PARQUET_LZ4_RAW ? NOT_READ("an unknown codec")
                                                      : NULL;
#undef NOT_READ
}

bool mlg_parquet_reserve(struct mlg_parquet_room *room, size_t size)
{
    if (size <= room->capacity && room->bytes)
        return true;
    unsigned char *bytes = realloc(room->bytes, size > 0 ? size : 1);
    if (!bytes)
        return false;
    room->bytes = bytes;
    room->capacity = size;
    return true;
}

static int damaged(const char *shown, const char *codec, struct mlg_error *error)
{
    return mlg_error_set(error, MLG_DATA, "'%s' is damaged: a page is no valid %s data", shown, codec);
}

static int no_memory(const char *shown, struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory to decompress '%s'", shown);
}

/* ---- snappy and LZ4 ----------------------------------------------------------------------------------- */

struct writer {
    const unsigned char *at, *end;
    unsigned char *out;
    size_t size, used;
};

static bool put_literal(struct writer *writer, size_t size)
{
    if (size > (size_t)(writer->end - writer->at) || size > writer->size - writer->used)
        return false;
    memcpy(writer->out + writer->used, writer->at, size);
    writer->at += size;
    writer->used += size;
    return true;
}

/* What is copied may reach into what it makes. */
static bool put_copy(struct writer *writer, size_t offset, size_t size)
{
    if (offset == 0 || offset > writer->used || size > writer->size - writer->used)
        return false;
    unsigned char *out = writer->out + writer->used;
    const unsigned char *from = out - offset;
    writer->used += size;
    if (offset >= size)
        memcpy(out, from, size);
    else
        for (size_t i = 0; i < size; i++)
            out[i] = from[i];
    return true;
}

/* `size` bytes, little end first. */
static bool take_number(struct writer *writer, unsigned size, size_t *value)
{
    if (size > (size_t)(writer->end - writer->at))
        return false;
    *value = 0;
    for (unsigned i = 0; i < size; i++)
        *value |= (size_t)*writer->at++ << (8 * i);
    return true;
}

static bool read_snappy(struct writer *writer)
{
    uint64_t announced = 0;
    for (unsigned shift = 0;; shift += 7) {
        if (shift > 28 || writer->at == writer->end)
            return false;
        announced |= (uint64_t)(*writer->at & 0x7f) << shift;
        if (*writer->at++ < 0x80)
            break;
    }
    if (announced != writer->size)
        return false;
    while (writer->at < writer->end) {
        const unsigned tag = *writer->at++, kind = tag & 3;
        size_t size = (tag >> 2) + 1, offset;
        bool good;
        if (kind == 0) {
            good = size <= 60 || take_number(writer, (unsigned)size - 60, &size);
            size += (tag >> 2) >= 60; /* what was taken is one less, too */
            good = good && put_literal(writer, size);
        } else if (kind == 1) {
            good = take_number(writer, 1, &offset) &&
                   put_copy(writer, offset | (size_t)(tag >> 5) << 8, 4 + (tag >> 2 & 7));
        } else {
            good = take_number(writer, kind == 2 ? 2 : 4, &offset) && put_copy(writer, offset, size);
        }
        if (!good)
            return false;
    }
    return writer->used == writer->size;
}

static bool take_length(struct writer *writer, size_t *size)
{
    unsigned byte = 255;
    if (*size < 15)
        return true;
    while (byte == 255) {
        if (writer->at == writer->end)
            return false;
        byte = *writer->at++;
        *size += byte;
    }
    return true;
}

static bool read_lz4(struct writer *writer)
{
    while (writer->at < writer->end) {
        const unsigned token = *writer->at++;
        size_t literal = token >> 4, copy = token & 15, offset;
        if (!take_length(writer, &literal) || !put_literal(writer, literal))
            return false;
        if (writer->at == writer->end)
            break; /* the last sequence has no copy */
        if (!take_number(writer, 2, &offset) || !take_length(writer, &copy) ||
            !put_copy(writer, offset, copy + 4))
            return false;
    }
    return writer->used == writer->size;
}

static size_t big_number(const unsigned char *bytes)
{
    return (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | bytes[3];
}

/* The older LZ4 is Hadoop's: blocks, in front of each its sizes; some writers have left these out. */
static bool read_hadoop_lz4(struct writer *writer)
{
    const struct writer start = *writer;
    bool good = true;
    while (good && writer->at < writer->end) {
        good = writer->end - writer->at >= 8;
        const size_t size = good ? big_number(writer->at) : 0, packed = good ? big_number(writer->at + 4) : 0;
        good =
            good && packed <= (size_t)(writer->end - writer->at) - 8 && size <= writer->size - writer->used;
        if (!good)
            break;
        struct writer block = {writer->at + 8, writer->at + 8 + packed, writer->out + writer->used, size, 0};
        good = read_lz4(&block);
        writer->at += 8 + packed;
        writer->used += size;
    }
    if (good && writer->used == writer->size)
        return true;
    *writer = start;
    return read_lz4(writer);
}

/* ---- gzip and zstd ------------------------------------------------------------------------------------ */

struct held {
    const unsigned char *at;
    size_t left;
};

static int64_t held_read(void *self, void *buffer, size_t size, struct mlg_error *error)
{
    struct held *held = self;
    (void)error;
    if (size > held->left)
        size = held->left;
    if (size > 0)
        memcpy(buffer, held->at, size);
    held->at += size;
    held->left -= size;
    return (int64_t)size;
}

static int read_stream(const struct mlg_bytes *stream, struct mlg_parquet_room *out, size_t in_size,
                       size_t out_size, const char *codec, const char *shown, struct mlg_error *error)
{
    /* What a header announces need not be true: room grows with what comes. */
    size_t used = 0, room = in_size < SIZE_MAX / 8 ? in_size * 4 + FIRST_ROOM : SIZE_MAX;
    for (;;) {
        if (room > out_size)
            room = out_size;
        if (!mlg_parquet_reserve(out, room))
            return no_memory(shown, error);
        const int64_t got = stream->read(stream->self, out->bytes + used, room - used, error);
        if (got < 0)
            return error && error->code ? (int)error->code : MLG_DATA;
        used += (size_t)got;
        if (used < room)
            return damaged(shown, codec, error);
        if (room == out_size)
            break;
        room = room < SIZE_MAX / 2 ? room * 2 : SIZE_MAX;
    }
    unsigned char more;
    const int64_t got = stream->read(stream->self, &more, 1, error);
    if (got < 0)
        return error && error->code ? (int)error->code : MLG_DATA;
    return got == 0 ? 0 : damaged(shown, codec, error);
}

static int decompress_stream(enum mlg_parquet_codec codec, const unsigned char *in, size_t in_size,
                             struct mlg_parquet_room *out, size_t out_size, const char *shown,
                             struct mlg_error *error)
{
    struct held held = {in, in_size};
    const struct mlg_bytes below = {&held, held_read, NULL};
    struct mlg_bytes stream;
    const bool is_gzip = codec == MLG_PARQUET_GZIP;
    /* libarchive would look for what else it could be. */
    if (!is_gzip && (in_size < 4 || memcmp(in, "\x28\xb5\x2f\xfd", 4) != 0))
        return damaged(shown, "zstd", error);
    int code = is_gzip ? mlg_gzip_open(&below, shown, &stream, error)
                       : mlg_archive_open(&below, shown, NULL, &stream, error);
    if (code)
        return code;
    code = read_stream(&stream, out, in_size, out_size, is_gzip ? "gzip" : "zstd", shown, error);
    stream.close(stream.self);
    return code;
}

int mlg_parquet_decompress(enum mlg_parquet_codec codec, const unsigned char *in, size_t in_size,
                           struct mlg_parquet_room *out, size_t out_size, const char *shown,
                           struct mlg_error *error)
{
    if (codec == MLG_PARQUET_GZIP || codec == MLG_PARQUET_ZSTD)
        return decompress_stream(codec, in, in_size, out, out_size, shown, error);
    const size_t most = codec == MLG_PARQUET_PLAIN ? 1 : codec == MLG_PARQUET_SNAPPY ? SNAPPY_MOST : LZ4_MOST;
    const char *name = codec == MLG_PARQUET_PLAIN    ? "uncompressed"
                       : codec == MLG_PARQUET_SNAPPY ? "snappy"
                                                     : "LZ4";
    if (out_size / most > in_size)
        return damaged(shown, name, error);
    if (!mlg_parquet_reserve(out, out_size))
        return no_memory(shown, error);
    struct writer writer = {in, in + in_size, out->bytes, out_size, 0};
    const bool good = codec == MLG_PARQUET_PLAIN     ? in_size == out_size && put_literal(&writer, out_size)
                      : codec == MLG_PARQUET_SNAPPY  ? read_snappy(&writer)
                      : codec == MLG_PARQUET_LZ4_RAW ? read_lz4(&writer)
                                                     : read_hadoop_lz4(&writer);
    return good ? 0 : damaged(shown, name, error);
}

/* ---- CRC-32 ------------------------------------------------------------------------------------------- */

void mlg_crc_fill(struct mlg_crc *crc)
{
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++)
            value = value & 1 ? value >> 1 ^ UINT32_C(0xedb88320) : value >> 1;
        crc->tables[0][i] = value;
    }
    for (uint32_t i = 0; i < 256; i++)
        for (unsigned k = 1; k < 8; k++)
            crc->tables[k][i] = crc->tables[k - 1][i] >> 8 ^ crc->tables[0][crc->tables[k - 1][i] & 0xff];
}

uint32_t mlg_crc_of(const struct mlg_crc *crc, const unsigned char *bytes, size_t size)
{
    uint32_t value = UINT32_MAX;
    for (; size >= 8; bytes += 8, size -= 8) {
        const uint32_t low = value ^ ((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 |
                                      (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24);
        value = crc->tables[7][low & 0xff] ^ crc->tables[6][low >> 8 & 0xff] ^
                crc->tables[5][low >> 16 & 0xff] ^ crc->tables[4][low >> 24] ^ crc->tables[3][bytes[4]] ^
                crc->tables[2][bytes[5]] ^ crc->tables[1][bytes[6]] ^ crc->tables[0][bytes[7]];
    }
    for (; size > 0; bytes++, size--)
        value = value >> 8 ^ crc->tables[0][(value ^ *bytes) & 0xff];
    return ~value;
}
