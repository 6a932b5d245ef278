/* wire: protobuf as it is written down, field by field. Knows no message: what a field means is the reader's.
 *
 * Always true: nothing is read beyond the bytes given; groups, which are out of use, and whatever else no
 * message of today has, are refused.
 */
#ifndef MLG_COMPARE_WIRE_H
#define MLG_COMPARE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that are left to read: a message, a text, numbers behind each other. Zero: none. */
struct wire {
    const unsigned char *at, *end;
};

enum wire_type { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct wire_field {
    uint32_t number;
    enum wire_type type;
    uint64_t value;    /* of a number: its bits */
    struct wire bytes; /* what it holds; of a number as it is written */
};

/* The next field; 0: there is none, -1: the bytes are no message, and *why says in what ("a length reaches
 * beyond the end"). */
int wire_next(struct wire *wire, struct wire_field *field, const char **why);
/* The next field of that number in what was read to its end before; false: there is none. */
bool wire_next_of(struct wire *wire, uint32_t number, struct wire_field *field);
/* The last one, which counts where a field stands twice. */
bool wire_last_of(struct wire wire, uint32_t number, struct wire_field *field);
/* The next of numbers behind each other; false: it is none. */
bool wire_varint(struct wire *wire, uint64_t *value);

static inline size_t wire_size(struct wire wire)
{
    return wire.at ? (size_t)(wire.end - wire.at) : 0;
}

#endif
