/* parquet_encodings: see parquet_encodings.h. */
#include "parquet_encodings.h"

#include <string.h>

#include "parquet_thrift.h"

/* Eight bytes, little end first, those beyond `end` zero. */
static uint64_t load(const unsigned char *at, const unsigned char *end)
{
    unsigned char bytes[8] = {0};
    const size_t left = at < end ? (size_t)(end - at) : 0;
    memcpy(bytes, at, left < 8 ? left : 8);
    uint64_t word = 0;
    for (unsigned i = 0; i < 8; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

/* `width` bits (at most 64) from bit `bit` on. */
static uint64_t bits_at(const unsigned char *values, const unsigned char *end, uint64_t bit, unsigned width)
{
    const unsigned char *at = values + bit / 8;
    const unsigned shift = bit % 8;
    uint64_t word = load(at, end) >> shift;
    if (shift + width > 64 && at + 8 < end)
        word |= (uint64_t)at[8] << (64 - shift);
    return width == 64 ? word : word & ((UINT64_C(1) << width) - 1);
}

/* ---- hybrid ------------------------------------------------------------------------------------------- */

void mlg_hybrid_begin(struct mlg_hybrid *hybrid, const unsigned char *at, const unsigned char *end,
                      unsigned width)
{
    *hybrid = (struct mlg_hybrid){.at = at, .end = end, .width = width};
}

static bool next_run(struct mlg_hybrid *hybrid)
{
    struct mlg_thrift varint = {hybrid->at, hybrid->end, false};
    const uint64_t header = mlg_thrift_varint(&varint);
    const size_t left = (size_t)(hybrid->end - varint.at);
    if (varint.bad || header > UINT32_MAX)
        return false;
    hybrid->packed = header & 1;
    hybrid->run = header >> 1;
    if (hybrid->packed) {
        /* Groups of eight, in as many bytes as the width; some writers leave out what pads the last one. */
        const uint64_t size = hybrid->run * hybrid->width;
        hybrid->run *= 8;
        hybrid->values = varint.at;
        hybrid->bit = 0;
        if (size > left)
            hybrid->run = (uint64_t)left * 8 / hybrid->width;
        hybrid->at = varint.at + (size > left ? left : (size_t)size);
    } else {
        const size_t size = (hybrid->width + 7) / 8;
        if (size > left)
            return false;
        hybrid->value = (uint32_t)bits_at(varint.at, varint.at + size, 0, 32);
        hybrid->at = varint.at + size;
        if (hybrid->width < 32 && hybrid->value >> hybrid->width)
            return false;
    }
    return true;
}

size_t mlg_hybrid_read(struct mlg_hybrid *hybrid, uint32_t *out, size_t count)
{
    size_t done = 0;
    while (done < count) {
        if (hybrid->run == 0) {
            if (hybrid->at == hybrid->end || !next_run(hybrid))
                break;
            continue;
        }
        const size_t some = hybrid->run < count - done ? (size_t)hybrid->run : count - done;
        if (hybrid->packed)
            for (size_t i = 0; i < some; i++, hybrid->bit += hybrid->width)
                out[done + i] = (uint32_t)bits_at(hybrid->values, hybrid->end, hybrid->bit, hybrid->width);
        else
            for (size_t i = 0; i < some; i++)
                out[done + i] = hybrid->value;
        hybrid->run -= some;
        done += some;
    }
    return done;
}

/* ---- delta -------------------------------------------------------------------------------------------- */

enum { MOST_IN_BLOCK = 1 << 20 };

bool mlg_delta_begin(struct mlg_delta *delta, const unsigned char *at, const unsigned char *end)
{
    struct mlg_thrift header = {at, end, false};
    const uint64_t block = mlg_thrift_varint(&header), miniblocks = mlg_thrift_varint(&header);
    *delta = (struct mlg_delta){.end = end};
    delta->total = delta->left = mlg_thrift_varint(&header);
    delta->last = (uint64_t)mlg_thrift_zigzag(&header);
    delta->at = header.at;
    if (header.bad || block == 0 || block > MOST_IN_BLOCK || miniblocks == 0 || miniblocks > block ||
        block % miniblocks != 0 || block / miniblocks % 8 != 0 || delta->total > INT32_MAX)
        return false;
    delta->miniblocks = delta->next_miniblock = (unsigned)miniblocks;
    delta->in_miniblock = block / miniblocks;
    return true;
}

static bool next_miniblock(struct mlg_delta *delta)
{
    if (delta->next_miniblock == delta->miniblocks) {
        struct mlg_thrift header = {delta->at, delta->end, false};
        delta->least = (uint64_t)mlg_thrift_zigzag(&header);
        if (header.bad || (size_t)(header.end - header.at) < delta->miniblocks)
            return false;
        delta->widths = header.at;
        delta->at = header.at + delta->miniblocks;
        delta->next_miniblock = 0;
    }
    delta->width = delta->widths[delta->next_miniblock++];
    const uint64_t size = delta->in_miniblock / 8 * delta->width;
    if (delta->width > 64 || size > (uint64_t)(delta->end - delta->at))
        return false;
    delta->values = delta->at;
    delta->at += size;
    delta->bit = 0;
    delta->miniblock_left = delta->in_miniblock;
    return true;
}

size_t mlg_delta_read(struct mlg_delta *delta, int64_t *out, size_t count)
{
    size_t done = 0;
    if (count > 0 && delta->left > 0 && !delta->begun) {
        delta->begun = true;
        delta->left--;
        out[done++] = (int64_t)delta->last;
    }
    while (done < count && delta->left > 0 && !delta->bad) {
        if (delta->miniblock_left == 0 && !next_miniblock(delta)) {
            delta->bad = true;
            break;
        }
        delta->last += delta->least + bits_at(delta->values, delta->end, delta->bit, delta->width);
        delta->bit += delta->width;
        delta->miniblock_left--;
        delta->left--;
        out[done++] = (int64_t)delta->last;
    }
    return done;
}

const unsigned char *mlg_delta_end(const struct mlg_delta *delta)
{
    struct mlg_delta walk = *delta;
    uint64_t left = walk.left > 0 && !walk.begun ? walk.left - 1 : walk.left;
    left -= walk.miniblock_left < left ? walk.miniblock_left : left;
    while (left > 0) {
        if (!next_miniblock(&walk))
            return NULL;
        left -= walk.in_miniblock < left ? walk.in_miniblock : left;
    }
    return walk.at;
}
