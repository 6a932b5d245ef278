/* parquet_thrift: see parquet_thrift.h. */
#include "parquet_thrift.h"

enum { DEPTH = 16 };

static unsigned take_byte(struct mlg_thrift *thrift)
{
    if (thrift->bad || thrift->at == thrift->end) {
        thrift->bad = true;
        return 0;
    }
    return *thrift->at++;
}

static void take_bytes(struct mlg_thrift *thrift, uint64_t size)
{
    if (thrift->bad || size > (uint64_t)(thrift->end - thrift->at))
        thrift->bad = true;
    else
        thrift->at += size;
}

uint64_t mlg_thrift_varint(struct mlg_thrift *thrift)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const unsigned byte = take_byte(thrift);
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return thrift->bad ? 0 : value;
    }
    thrift->bad = true;
    return 0;
}

int64_t mlg_thrift_zigzag(struct mlg_thrift *thrift)
{
    const uint64_t value = mlg_thrift_varint(thrift);
    return (int64_t)(value >> 1 ^ (~(value & 1) + 1));
}

unsigned mlg_thrift_field(struct mlg_thrift *thrift, int *id)
{
    const unsigned byte = take_byte(thrift), type = byte & 15;
    if (type == MLG_THRIFT_STOP || type > MLG_THRIFT_UUID) {
        thrift->bad |= type != MLG_THRIFT_STOP;
        return 0;
    }
    const int64_t next = byte >> 4 ? *id + (int)(byte >> 4) : mlg_thrift_zigzag(thrift);
    if (next < 0 || next > INT16_MAX)
        thrift->bad = true;
    *id = thrift->bad ? 0 : (int)next;
    return thrift->bad ? 0 : type;
}

int64_t mlg_thrift_integer(struct mlg_thrift *thrift, unsigned type)
{
    if (type == MLG_THRIFT_BYTE)
        return (int8_t)take_byte(thrift);
    if (type == MLG_THRIFT_I16 || type == MLG_THRIFT_I32 || type == MLG_THRIFT_I64)
        return mlg_thrift_zigzag(thrift);
    thrift->bad = true;
    return 0;
}

int64_t mlg_thrift_integer_of(struct mlg_thrift *thrift, unsigned type, int64_t least, int64_t most)
{
    const int64_t value = mlg_thrift_integer(thrift, type);
    if (value < least || value > most)
        thrift->bad = true;
    return thrift->bad ? 0 : value;
}

bool mlg_thrift_boolean(struct mlg_thrift *thrift, unsigned type)
{
    if (type != MLG_THRIFT_TRUE && type != MLG_THRIFT_FALSE)
        thrift->bad = true;
    return type == MLG_THRIFT_TRUE;
}

struct mlg_text mlg_thrift_binary(struct mlg_thrift *thrift, unsigned type)
{
    if (type != MLG_THRIFT_BINARY)
        thrift->bad = true;
    const uint64_t size = mlg_thrift_varint(thrift);
    const unsigned char *bytes = thrift->at;
    take_bytes(thrift, size);
    return thrift->bad ? (struct mlg_text){"", 0} : (struct mlg_text){(const char *)bytes, (size_t)size};
}

size_t mlg_thrift_list(struct mlg_thrift *thrift, unsigned type, unsigned *element)
{
    if (type != MLG_THRIFT_LIST && type != MLG_THRIFT_SET)
        thrift->bad = true;
    const unsigned byte = take_byte(thrift);
    const uint64_t count = byte >> 4 == 15 ? mlg_thrift_varint(thrift) : byte >> 4;
    *element = byte & 15;
    /* No element is written in less than a byte. */
    if (count > (uint64_t)(thrift->end - thrift->at) || *element == 0 || *element > MLG_THRIFT_UUID)
        thrift->bad |= count > 0;
    return thrift->bad ? 0 : (size_t)count;
}

bool mlg_thrift_is_struct(struct mlg_thrift *thrift, unsigned type)
{
    if (type != MLG_THRIFT_STRUCT)
        thrift->bad = true;
    return !thrift->bad;
}

static void skip(struct mlg_thrift *thrift, unsigned type, bool is_element, unsigned depth)
{
    if (depth > DEPTH)
        thrift->bad = true;
    if (thrift->bad)
        return;
    switch (type) {
    case MLG_THRIFT_TRUE:
    case MLG_THRIFT_FALSE:
        take_bytes(thrift, is_element);
        break;
    case MLG_THRIFT_BYTE:
        take_bytes(thrift, 1);
        break;
    case MLG_THRIFT_I16:
    case MLG_THRIFT_I32:
    case MLG_THRIFT_I64:
        mlg_thrift_varint(thrift);
        break;
    case MLG_THRIFT_DOUBLE:
        take_bytes(thrift, 8);
        break;
    case MLG_THRIFT_BINARY:
        mlg_thrift_binary(thrift, type);
        break;
    case MLG_THRIFT_LIST:
    case MLG_THRIFT_SET: {
        unsigned element;
        for (size_t count = mlg_thrift_list(thrift, type, &element); count > 0 && !thrift->bad; count--)
            skip(thrift, element, true, depth + 1);
        break;
    }
    case MLG_THRIFT_MAP: {
        const uint64_t count = mlg_thrift_varint(thrift);
        const unsigned types = count > 0 ? take_byte(thrift) : 0;
        for (uint64_t i = 0; i < count && !thrift->bad; i++) {
            skip(thrift, types >> 4, true, depth + 1);
            skip(thrift, types & 15, true, depth + 1);
        }
        break;
    }
    case MLG_THRIFT_STRUCT: {
        unsigned field;
        for (int id = 0; (field = mlg_thrift_field(thrift, &id)) != 0;)
            skip(thrift, field, false, depth + 1);
        break;
    }
    case MLG_THRIFT_UUID:
        take_bytes(thrift, 16);
        break;
    default:
        thrift->bad = true;
    }
}

void mlg_thrift_skip(struct mlg_thrift *thrift, unsigned type)
{
    skip(thrift, type, false, 0);
}
