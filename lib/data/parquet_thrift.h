/* parquet_thrift: Thrift's compact protocol, which Parquet's headers are written in, read within bounds.
 *
 * Always true: after `bad` nothing more is read, every field ends a struct and every number is 0, so that
 * whoever reads looks once, at the end; no list is longer than the bytes that are left.
 */
#ifndef MLG_DATA_PARQUET_THRIFT_H
#define MLG_DATA_PARQUET_THRIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/table.h"

enum mlg_thrift_type {
    MLG_THRIFT_STOP,
    MLG_THRIFT_TRUE,
    MLG_THRIFT_FALSE,
    MLG_THRIFT_BYTE,
    MLG_THRIFT_I16,
    MLG_THRIFT_I32,
    MLG_THRIFT_I64,
    MLG_THRIFT_DOUBLE,
    MLG_THRIFT_BINARY,
    MLG_THRIFT_LIST,
    MLG_THRIFT_SET,
    MLG_THRIFT_MAP,
    MLG_THRIFT_STRUCT,
    MLG_THRIFT_UUID
};

struct mlg_thrift {
    const unsigned char *at, *end;
    bool bad;
};

/* The type of a struct's next field, 0 at its end; *id is that of the field before, 0 at first. */
unsigned mlg_thrift_field(struct mlg_thrift *thrift, int *id);
/* The value of a field, or an element, of that type; another type than meant is bad. */
int64_t mlg_thrift_integer(struct mlg_thrift *thrift, unsigned type);
int64_t mlg_thrift_integer_of(struct mlg_thrift *thrift, unsigned type, int64_t least, int64_t most);
bool mlg_thrift_boolean(struct mlg_thrift *thrift, unsigned type);
struct mlg_text mlg_thrift_binary(struct mlg_thrift *thrift, unsigned type);
/* The number of elements; all are of *element. */
size_t mlg_thrift_list(struct mlg_thrift *thrift, unsigned type, unsigned *element);
/* Is it a struct? Its fields follow. */
bool mlg_thrift_is_struct(struct mlg_thrift *thrift, unsigned type);
void mlg_thrift_skip(struct mlg_thrift *thrift, unsigned type);
/* An unsigned number of at most 64 bits, seven in a byte. */
uint64_t mlg_thrift_varint(struct mlg_thrift *thrift);
int64_t mlg_thrift_zigzag(struct mlg_thrift *thrift);

#endif
