/* parquet_codec: what pages are compressed with, and their checksum. */
#ifndef MLG_DATA_PARQUET_CODEC_H
#define MLG_DATA_PARQUET_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/error.h"

enum mlg_parquet_codec {
    MLG_PARQUET_PLAIN,
    MLG_PARQUET_SNAPPY,
    MLG_PARQUET_GZIP,
    MLG_PARQUET_LZO,
    MLG_PARQUET_BROTLI,
    MLG_PARQUET_LZ4,
    MLG_PARQUET_ZSTD,
    MLG_PARQUET_LZ4_RAW
};

/* Bytes that grow as they are needed; malloc'd. */
struct mlg_parquet_room {
    unsigned char *bytes;
    size_t capacity;
};

/* Room for `size` bytes at least; those that are there stay. False: no memory. */
bool mlg_parquet_reserve(struct mlg_parquet_room *room, size_t size);

/* Of a codec that is not read: "is compressed with ...", else NULL. */
const char *mlg_parquet_codec_refused(int64_t codec);
/* Makes exactly `out_size` bytes in `out` of those `in`, which is an error where they are not as many; memory
 * is taken for no more than the bytes could honestly become. `shown`: the file, for sentences. */
int mlg_parquet_decompress(enum mlg_parquet_codec codec, const unsigned char *in, size_t in_size,
                           struct mlg_parquet_room *out, size_t out_size, const char *shown,
                           struct mlg_error *error);

/* CRC-32 as zlib has it; the tables are filled once. */
struct mlg_crc {
    uint32_t tables[8][256];
};
void mlg_crc_fill(struct mlg_crc *crc);
uint32_t mlg_crc_of(const struct mlg_crc *crc, const unsigned char *bytes, size_t size);

#endif
