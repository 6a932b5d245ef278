/* wire: protobuf as it is written down, field by field. */
#include "wire.h"

#include <string.h>

bool wire_varint(struct wire *wire, uint64_t *value)
{
    enum { MOST_BYTES = 10 };
    *value = 0;
    for (unsigned i = 0; i < MOST_BYTES && wire->at < wire->end; i++) {
        const unsigned char byte = *wire->at++;
        if (i == MOST_BYTES - 1 && byte > 1)
            return false; /* more than 64 bits */
        *value |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte < 0x80)
            return true;
    }
    return false;
}

/* Numbers of a fixed size, the least byte first. */
static bool fixed(struct wire *wire, unsigned size, uint64_t *value)
{
    *value = 0;
    if (wire_size(*wire) < size)
        return false;
    for (unsigned i = 0; i < size; i++)
        *value |= (uint64_t)wire->at[i] << (8 * i);
    wire->at += size;
    return true;
}

int wire_next(struct wire *wire, struct wire_field *field, const char **why)
{
    enum { TYPE_BITS = 3, GROUP = 3, GROUP_END = 4 };
    uint64_t tag;
    if (wire_size(*wire) == 0)
        return 0;
    *why = "a number is cut short";
    if (!wire_varint(wire, &tag))
        return -1;
    *why = "a field has a number that none has";
    if (tag > UINT32_MAX || tag >> TYPE_BITS == 0)
        return -1;
    const unsigned type = (unsigned)tag & 7;
    *field = (struct wire_field){
        .number = (uint32_t)(tag >> TYPE_BITS), .type = (enum wire_type)type, .bytes = *wire};
    *why = "a number is cut short";
    switch (type) {
    case WIRE_VARINT:
        if (!wire_varint(wire, &field->value))
            return -1;
        break;
    case WIRE_64:
    case WIRE_32:
        if (!fixed(wire, type == WIRE_64 ? 8 : 4, &field->value))
            return -1;
        break;
    case WIRE_BYTES:
        if (!wire_varint(wire, &field->value))
            return -1;
        *why = "a length reaches beyond the end";
        if (field->value > wire_size(*wire))
            return -1;
        field->bytes.at = wire->at;
        wire->at += field->value;
        break;
    default:
        *why = type == GROUP || type == GROUP_END ? "a field is a group, which is not read"
                                                  : "a field has a type that none has";
        return -1;
    }
    field->bytes.end = wire->at;
    return 1;
}

bool wire_next_of(struct wire *wire, uint32_t number, struct wire_field *field)
{
    const char *why;
    while (wire_next(wire, field, &why) > 0)
        if (field->number == number)
            return true;
    return false;
}

bool wire_last_of(struct wire wire, uint32_t number, struct wire_field *field)
{
    struct wire_field next;
    bool found = false;
    *field = (struct wire_field){0};
    while (wire_next_of(&wire, number, &next)) {
        *field = next;
        found = true;
    }
    return found;
}
