/* onnx_read: what the messages of ONNX are made of, checked; and the numbers of tensors, however stored. */
#include <stdlib.h>
#include <string.h>

#include "onnx.h"

/* ---- messages -------------------------------------------------------------------------------------- */

#define LEFT_OUT(what) .use = ONNX_LEFT_OUT, .left_out = (what)
#define MANY(message) ONNX_MESSAGE_WITHIN, .many = true, .within = (message)
#define ONE(message) ONNX_MESSAGE_WITHIN, .within = (message)

static const struct onnx_rule model_rows[] = {
    {.number = 1, .name = "ir_version", .form = ONNX_NUMBER, .use = ONNX_COMPARED},
    {.number = 2, .name = "producer_name", .form = ONNX_BYTES, LEFT_OUT(ONNX_LEFT_PRODUCER)},
    {.number = 3, .name = "producer_version", .form = ONNX_BYTES, LEFT_OUT(ONNX_LEFT_PRODUCER_VERSION)},
    {.number = 4, .name = "domain", .form = ONNX_NAME, .use = ONNX_COMPARED},
    {.number = 5, .name = "model_version", .form = ONNX_NUMBER, LEFT_OUT(ONNX_LEFT_MODEL_VERSION)},
    {.number = 6, .name = "doc_string", .form = ONNX_BYTES, LEFT_OUT(ONNX_LEFT_DOC)},
    {.number = MODEL_GRAPH, .name = "graph", .form = ONE(ONNX_GRAPH)},
    {.number = MODEL_OPSETS, .name = "opset_import", .form = MANY(ONNX_OPSET)},
    {.number = 14, .name = "metadata_props", .form = ONNX_BYTES, .many = true, LEFT_OUT(ONNX_LEFT_METADATA)},
    {.number = MODEL_FUNCTIONS, .name = "functions", .form = MANY(ONNX_FUNCTION)},
};

static const struct onnx_rule graph_rows[] = {
    {.number = GRAPH_NODES, .name = "node", .form = MANY(ONNX_NODE)},
    {.number = 2, .name = "name", .form = ONNX_BYTES, LEFT_OUT(ONNX_LEFT_NAME)},
    {.number = GRAPH_TENSORS, .name = "initializer", .form = MANY(ONNX_TENSOR)},
    {.number = 10, .name = "doc_string", .form = ONNX_BYTES, LEFT_OUT(ONNX_LEFT_DOC)},
    {.number = GRAPH_INPUTS, .name = "input", .form = MANY(ONNX_VALUE)},
    {.number = GRAPH_OUTPUTS, .name = "output", .form = MANY(ONNX_VALUE)},
    {.number = 13, .name = "value_info", .form = ONNX_BYTES, .many = true, LEFT_OUT(ONNX_LEFT_VALUE_INFO)},
    {.number = GRAPH_SPARSE, .name = "sparse_initializer", .form = MANY(ONNX_SPARSE)},
    {.number = 16, .name = "metadata_props", .form = ONNX_BYTES, .many = true, LEFT_OUT(ONNX_LEFT_METADATA)},
};

static const struct onnx_rule function_rows[] = {
    {.number = FUNCTION_NAME, .name = "name", .form = ONNX_NAME},
    {.number = 4, .name = "input", .form = ONNX_NAME, .use = ONNX_COMPARED, .many = true},
    {.number = 5, .name = "output", .form = ONNX_NAME, .use = ONNX_COMPARED, .many = true},
    {.number = 6, .name = "attribute", .form = ONNX_NAME, .use = ONNX_COMPARED, .many = true},
    {.number = FUNCTION_NODES, .name = "node", .form = MANY(ONNX_NODE)},
    {.number = 8, .name = "doc_string", .form = ONNX_BYTES, LEFT_OUT(ONNX_LEFT_DOC)},
    {.number = FUNCTION_OPSETS, .name = "opset_import", .form = MANY(ONNX_OPSET)},
    {.number = FUNCTION_DOMAIN, .name = "domain", .form = ONNX_NAME},
    {.number = FUNCTION_DEFAULTS, .name = "attribute_proto", .form = MANY(ONNX_ATTRIBUTE)},
    {.number = 12, .name = "value_info", .form = ONNX_BYTES, .many = true, LEFT_OUT(ONNX_LEFT_VALUE_INFO)},
    {.number = FUNCTION_OVERLOAD, .name = "overload", .form = ONNX_NAME},
    {.number = 14, .name = "metadata_props", .form = ONNX_BYTES, .many = true, LEFT_OUT(ONNX_LEFT_METADATA)},
};

static const struct onnx_rule node_rows[] = {
    {.number = 1, .name = "input", .form = ONNX_NAME, .use = ONNX_COMPARED, .many = true},
    {.number = NODE_OUTPUTS, .name = "output", .form = ONNX_NAME, .use = ONNX_COMPARED, .many = true},
    {.number = 3, .name = "name", .form = ONNX_BYTES, LEFT_OUT(ONNX_LEFT_NAME)},
    {.number = NODE_TYPE, .name = "op_type", .form = ONNX_NAME, .use = ONNX_COMPARED},
    {.number = NODE_ATTRIBUTES, .name = "attribute", .form = MANY(ONNX_ATTRIBUTE)},
    {.number = 6, .name = "doc_string", .form = ONNX_BYTES, LEFT_OUT(ONNX_LEFT_DOC)},
    {.number = 7, .name = "domain", .form = ONNX_NAME, .use = ONNX_COMPARED, .is_domain = true},
    {.number = 8, .name = "overload", .form = ONNX_NAME, .use = ONNX_COMPARED},
    {.number = 9, .name = "metadata_props", .form = ONNX_BYTES, .many = true, LEFT_OUT(ONNX_LEFT_METADATA)},
};

static const struct onnx_rule attribute_rows[] = {
    {.number = ATTRIBUTE_NAME, .name = "name", .form = ONNX_NAME},
    {.number = 2, .name = "f", .form = ONNX_FLOAT},
    {.number = 3, .name = "i", .form = ONNX_NUMBER},
    {.number = 4, .name = "s", .form = ONNX_BYTES},
    {.number = 5, .name = "t", .form = ONE(ONNX_TENSOR)},
    {.number = 6, .name = "g", .form = ONE(ONNX_GRAPH)},
    {.number = 7, .name = "floats", .form = ONNX_SINGLES, .many = true},
    {.number = 8, .name = "ints", .form = ONNX_NUMBERS, .many = true},
    {.number = 9, .name = "strings", .form = ONNX_BYTES, .many = true},
    {.number = 10, .name = "tensors", .form = MANY(ONNX_TENSOR)},
    {.number = 11, .name = "graphs", .form = MANY(ONNX_GRAPH)},
    {.number = 13, .name = "doc_string", .form = ONNX_BYTES, LEFT_OUT(ONNX_LEFT_DOC)},
    {.number = 14, .name = "tp", .form = ONE(ONNX_TYPE)},
    {.number = 15, .name = "type_protos", .form = MANY(ONNX_TYPE)},
    {.number = ATTRIBUTE_TYPE, .name = "type", .form = ONNX_NUMBER},
    {.number = ATTRIBUTE_REFERENCE, .name = "ref_attr_name", .form = ONNX_NAME},
    {.number = 22, .name = "sparse_tensor", .form = ONE(ONNX_SPARSE)},
    {.number = 23, .name = "sparse_tensors", .form = MANY(ONNX_SPARSE)},
};

static const struct onnx_rule tensor_rows[] = {
    {.number = 1, .name = "dims", .form = ONNX_NUMBERS, .many = true},
    {.number = 2, .name = "data_type", .form = ONNX_NUMBER},
    {.number = 4, .name = "float_data", .form = ONNX_SINGLES, .many = true},
    {.number = 5, .name = "int32_data", .form = ONNX_NUMBERS, .many = true},
    {.number = TENSOR_TEXTS, .name = "string_data", .form = ONNX_BYTES, .many = true},
    {.number = 7, .name = "int64_data", .form = ONNX_NUMBERS, .many = true},
    {.number = TENSOR_NAME, .name = "name", .form = ONNX_NAME},
    {.number = TENSOR_RAW, .name = "raw_data", .form = ONNX_BYTES},
    {.number = 10, .name = "double_data", .form = ONNX_DOUBLES, .many = true},
    {.number = 11, .name = "uint64_data", .form = ONNX_NUMBERS, .many = true},
    {.number = 12, .name = "doc_string", .form = ONNX_BYTES, LEFT_OUT(ONNX_LEFT_DOC)},
    {.number = TENSOR_EXTERNAL, .name = "external_data", .form = MANY(ONNX_ENTRY)},
    {.number = 14, .name = "data_location", .form = ONNX_NUMBER},
    {.number = 16, .name = "metadata_props", .form = ONNX_BYTES, .many = true, LEFT_OUT(ONNX_LEFT_METADATA)},
};

static const struct onnx_rule sparse_rows[] = {
    {.number = SPARSE_VALUES, .name = "values", .form = ONE(ONNX_TENSOR)},
    {.number = SPARSE_INDICES, .name = "indices", .form = ONE(ONNX_TENSOR)},
    {.number = 3, .name = "dims", .form = ONNX_NUMBERS, .use = ONNX_COMPARED, .many = true},
};

static const struct onnx_rule value_rows[] = {
    {.number = VALUE_NAME, .name = "name", .form = ONNX_NAME, .use = ONNX_COMPARED},
    {.number = VALUE_TYPE, .name = "type", .form = ONE(ONNX_TYPE)},
    {.number = 3, .name = "doc_string", .form = ONNX_BYTES, LEFT_OUT(ONNX_LEFT_DOC)},
    {.number = 4, .name = "metadata_props", .form = ONNX_BYTES, .many = true, LEFT_OUT(ONNX_LEFT_METADATA)},
};

static const struct onnx_rule type_rows[] = {
    {.number = 1, .name = "tensor", .form = ONE(ONNX_TENSOR_TYPE)},
    {.number = 4, .name = "sequence", .form = ONE(ONNX_ELEMENT_TYPE)},
    {.number = 5, .name = "map", .form = ONE(ONNX_MAP_TYPE)},
    {.number = 6, .name = "denotation", .form = ONNX_NAME},
    {.number = 8, .name = "sparse_tensor", .form = ONE(ONNX_TENSOR_TYPE)},
    {.number = 9, .name = "optional", .form = ONE(ONNX_ELEMENT_TYPE)},
};

static const struct onnx_rule tensor_type_rows[] = {
    {.number = 1, .name = "elem_type", .form = ONNX_NUMBER},
    {.number = 2, .name = "shape", .form = ONE(ONNX_SHAPE)},
};

static const struct onnx_rule element_type_rows[] = {
    {.number = 1, .name = "elem_type", .form = ONE(ONNX_TYPE)}};

static const struct onnx_rule map_type_rows[] = {
    {.number = 1, .name = "key_type", .form = ONNX_NUMBER},
    {.number = 2, .name = "value_type", .form = ONE(ONNX_TYPE)},
};

static const struct onnx_rule shape_rows[] = {{.number = 1, .name = "dim", .form = MANY(ONNX_DIMENSION)}};

static const struct onnx_rule dimension_rows[] = {
    {.number = 1, .name = "dim_value", .form = ONNX_NUMBER},
    {.number = 2, .name = "dim_param", .form = ONNX_NAME},
    {.number = 3, .name = "denotation", .form = ONNX_NAME},
};

static const struct onnx_rule opset_rows[] = {
    {.number = OPSET_DOMAIN, .name = "domain", .form = ONNX_NAME},
    {.number = OPSET_VERSION, .name = "version", .form = ONNX_NUMBER},
};

static const struct onnx_rule entry_rows[] = {
    {.number = ENTRY_KEY, .name = "key", .form = ONNX_NAME},
    {.number = ENTRY_VALUE, .name = "value", .form = ONNX_BYTES},
};

#define ROWS(word, rows)                                                                                     \
    {                                                                                                        \
        word, rows, sizeof(rows) / sizeof *(rows)                                                            \
    }
const struct onnx_rules onnx_rules[ONNX_MESSAGE_COUNT] = {
    [ONNX_MODEL] = ROWS("the model", model_rows),
    [ONNX_GRAPH] = ROWS("a graph", graph_rows),
    [ONNX_FUNCTION] = ROWS("a function", function_rows),
    [ONNX_NODE] = ROWS("a node", node_rows),
    [ONNX_ATTRIBUTE] = ROWS("an attribute", attribute_rows),
    [ONNX_TENSOR] = ROWS("a tensor", tensor_rows),
    [ONNX_SPARSE] = ROWS("a sparse tensor", sparse_rows),
    [ONNX_VALUE] = ROWS("an input or output", value_rows),
    [ONNX_TYPE] = ROWS("a type", type_rows),
    [ONNX_TENSOR_TYPE] = ROWS("a type", tensor_type_rows),
    [ONNX_ELEMENT_TYPE] = ROWS("a type", element_type_rows),
    [ONNX_MAP_TYPE] = ROWS("a type", map_type_rows),
    [ONNX_SHAPE] = ROWS("a shape", shape_rows),
    [ONNX_DIMENSION] = ROWS("a shape", dimension_rows),
    [ONNX_OPSET] = ROWS("an opset", opset_rows),
    [ONNX_ENTRY] = ROWS("an entry", entry_rows),
};

const struct onnx_rule *onnx_rule_of(enum onnx_message message, uint32_t number)
{
    const struct onnx_rules *rules = &onnx_rules[message];
    for (size_t i = 0; i < rules->count; i++)
        if (rules->rows[i].number == number)
            return &rules->rows[i];
    return NULL;
}

/* ---- attributes ------------------------------------------------------------------------------------ */

const struct onnx_attribute_type onnx_attribute_types[ONNX_ATTRIBUTE_TYPES] = {
    [1] = {"FLOAT", 2, false},
    [2] = {"INT", 3, false},
    [3] = {"STRING", 4, false},
    [4] = {"TENSOR", 5, false},
    [5] = {"GRAPH", 6, false},
    [6] = {"FLOATS", 7, true},
    [7] = {"INTS", 8, true},
    [8] = {"STRINGS", 9, true},
    [9] = {"TENSORS", 10, true},
    [10] = {"GRAPHS", 11, true},
    [11] = {"SPARSE_TENSOR", 22, false},
    [12] = {"SPARSE_TENSORS", 23, true},
    [13] = {"TYPE_PROTO", 14, false},
    [14] = {"TYPE_PROTOS", 15, true},
};

static uint64_t type_of_field(uint32_t field)
{
    for (uint64_t i = 1; i < ONNX_ATTRIBUTE_TYPES; i++)
        if (onnx_attribute_types[i].field == field)
            return i;
    return 0;
}

uint64_t onnx_attribute_type(struct wire attribute)
{
    struct wire_field field;
    const char *why;
    uint64_t type = 0;
    if (wire_last_of(attribute, ATTRIBUTE_TYPE, &field) && field.value)
        return field.value;
    while (!type && wire_next(&attribute, &field, &why) > 0) /* older files do not say */
        type = type_of_field(field.number);
    return type;
}

/* Values of one type alone, and those that have to be there. */
static const char *check_attribute(struct wire attribute)
{
    const uint64_t type = onnx_attribute_type(attribute);
    struct wire_field field;
    const char *why;
    bool has_values = false;
    if (type >= ONNX_ATTRIBUTE_TYPES)
        return NULL;
    struct wire rest = attribute;
    while (wire_next(&rest, &field, &why) > 0) {
        const uint64_t of = type_of_field(field.number);
        if (of && of != type)
            return "has values of another type than it says";
        has_values |= of != 0;
    }
    const bool is_reference = wire_last_of(attribute, ATTRIBUTE_REFERENCE, &field) && wire_size(field.bytes);
    const bool needs_one = type && !onnx_attribute_types[type].many && onnx_attribute_types[type].field > 4;
    return needs_one && !has_values && !is_reference ? "has no value" : NULL;
}

/* ---- numbers --------------------------------------------------------------------------------------- */

/* By the number that ONNX has for a type; `field` holds its values where raw_data does not. */
static const struct {
    struct dtype type;
    uint32_t field;
    unsigned bits;
} types[] = {
    [1] = {{'f', 4, false, "float32"}, 4, 0},        [2] = {{'u', 1, false, "uint8"}, 5, 0},
    [3] = {{'i', 1, false, "int8"}, 5, 0},           [4] = {{'u', 2, false, "uint16"}, 5, 0},
    [5] = {{'i', 2, false, "int16"}, 5, 0},          [6] = {{'i', 4, false, "int32"}, 5, 0},
    [7] = {{'i', 8, false, "int64"}, 7, 0},          [8] = {{'S', 0, false, "string"}, TENSOR_TEXTS, 0},
    [9] = {{'b', 1, false, "bool"}, 5, 0},           [10] = {{'f', 2, false, "float16"}, 5, 0},
    [11] = {{'f', 8, false, "float64"}, 10, 0},      [12] = {{'u', 4, false, "uint32"}, 11, 0},
    [13] = {{'u', 8, false, "uint64"}, 11, 0},       [14] = {{'c', 8, false, "complex64"}, 4, 0},
    [15] = {{'c', 16, false, "complex128"}, 10, 0},  [16] = {{'B', 2, false, "bfloat16"}, 5, 0},
    [17] = {{'V', 1, false, "float8_e4m3fn"}, 5, 0}, [18] = {{'V', 1, false, "float8_e4m3fnuz"}, 5, 0},
    [19] = {{'V', 1, false, "float8_e5m2"}, 5, 0},   [20] = {{'V', 1, false, "float8_e5m2fnuz"}, 5, 0},
    [21] = {{'u', 1, false, "uint4"}, 5, 4},         [22] = {{'i', 1, false, "int4"}, 5, 4},
    [23] = {{'V', 1, false, "float4_e2m1"}, 5, 4},   [24] = {{'V', 1, false, "float8_e8m0"}, 5, 0},
    [25] = {{'u', 1, false, "uint2"}, 5, 2},         [26] = {{'i', 1, false, "int2"}, 5, 2},
    [27] = {{'V', 1, false, "float6_e2m3"}, 5, 6},   [28] = {{'V', 1, false, "float6_e3m2"}, 5, 6},
};
enum { TYPES = sizeof types / sizeof *types };

const char *onnx_type_word(uint64_t type)
{
    return type > 0 && type < TYPES ? types[type].type.name : NULL;
}

/* Bytes of each number of a field, 0 of varints. */
static unsigned width_of(uint32_t field, bool is_float_attribute)
{
    return is_float_attribute || field == 4 ? 4 : field == 10 ? 8 : 0;
}

/* Two or four elements are in one entry; one of 6 bits has one of its own. */
static bool shares_entries(unsigned bits)
{
    return bits == 2 || bits == 4;
}

/* Counts the numbers of a field, and finds the place where they lie in one piece. */
static void find_numbers(struct wire message, uint32_t number, unsigned width, struct onnx_values *values)
{
    struct wire_field field;
    unsigned pieces = 0;
    while (wire_next_of(&message, number, &field)) {
        const size_t size = wire_size(field.bytes);
        if (number == TENSOR_TEXTS || field.type != WIRE_BYTES)
            values->given++;
        else if (width)
            values->given += size / width;
        else
            for (size_t i = 0; i < size; i++)
                values->given += field.bytes.at[i] < 0x80;
        if (size > 0) {
            pieces++;
            values->place = field.bytes;
        }
    }
    if (!width || pieces != 1)
        values->place = (struct wire){0};
}

/* Does each number of int32_data, uint64_data fit the type? Its bits alone do, too: 255 of an int8. */
static bool do_fit(struct wire message, uint32_t number, unsigned size)
{
    struct wire_field field;
    if (number == 7 || size >= 8)
        return true;
    const int64_t most = (INT64_C(1) << (8 * size)) - 1, least = -(INT64_C(1) << (8 * size - 1));
    while (wire_next_of(&message, number, &field)) {
        uint64_t value = field.value;
        if (field.type != WIRE_BYTES && ((int64_t)value > most || (int64_t)value < least))
            return false;
        while (field.type == WIRE_BYTES && wire_size(field.bytes) && wire_varint(&field.bytes, &value))
            if ((int64_t)value > most || (int64_t)value < least)
                return false;
    }
    return true;
}

static const char *read_shape(struct wire message, struct tensor *tensor)
{
    struct wire_field field;
    while (wire_next_of(&message, 1, &field)) {
        uint64_t value = field.value;
        bool more =
            field.type != WIRE_BYTES || (wire_size(field.bytes) > 0 && wire_varint(&field.bytes, &value));
        while (more) {
            if (tensor->axes == MOST_AXES)
                return "has more than 32 axes";
            if ((int64_t)value < 0)
                return "has a shape that is none";
            tensor->shape[tensor->axes++] = value;
            more =
                field.type == WIRE_BYTES && wire_size(field.bytes) > 0 && wire_varint(&field.bytes, &value);
        }
    }
    return tensor_count(tensor) ? NULL : "has a shape larger than any file";
}

/* Which field has the values? At most one. */
static const char *find_field(struct wire message, uint32_t of_type, uint32_t *number)
{
    struct wire_field field;
    const char *why;
    *number = 0;
    while (wire_next(&message, &field, &why) > 0) {
        const bool has_values = field.number >= 4 && field.number <= 11 && field.number != TENSOR_NAME &&
                                (field.number == TENSOR_TEXTS || wire_size(field.bytes) > 0);
        if (!has_values)
            continue;
        if (*number && *number != field.number)
            return "has its values twice";
        if (field.number != of_type && (field.number != TENSOR_RAW || of_type == TENSOR_TEXTS))
            return "has values that are not of its type";
        *number = field.number;
    }
    return NULL;
}

static uint64_t whole_bytes(uint64_t count, unsigned bits)
{
    return count / 8 * bits + (count % 8 * bits + 7) / 8;
}

void onnx_find_tensor(struct wire message, struct onnx_values *values, const char **why)
{
    struct wire_field field;
    *values = (struct onnx_values){.message = message};
    struct tensor *tensor = &values->tensor;
    if (wire_last_of(message, 2, &field))
        values->type_number = (int64_t)field.value;
    values->is_known = onnx_type_word((uint64_t)values->type_number) != NULL;
    values->is_external = wire_last_of(message, 14, &field) && field.value == 1;
    uint32_t of_type = 0;
    if (values->is_known) {
        tensor->type = types[values->type_number].type;
        values->bits = types[values->type_number].bits;
        of_type = types[values->type_number].field;
    }
    values->is_text = of_type == TENSOR_TEXTS;
    *why = read_shape(message, tensor);
    if (*why || !values->is_known)
        return;
    *why = find_field(message, of_type, &values->field);
    if (*why)
        return;
    values->stored =
        values->bits ? whole_bytes(tensor->count, values->bits) : tensor->count * tensor->type.size;
    if (values->is_external) {
        *why = values->field ? "has its values here and in another file" : NULL;
        return;
    }
    bool fits = true;
    if (values->field == TENSOR_RAW) {
        wire_last_of(message, TENSOR_RAW, &field);
        values->place = values->bits ? (struct wire){0} : field.bytes;
        fits = wire_size(field.bytes) == values->stored;
    } else {
        const unsigned width = width_of(of_type, false);
        if (values->field)
            find_numbers(message, of_type, width, values);
        const uint64_t parts = tensor->type.kind == 'c' ? 2 : 1;
        fits = values->given == (shares_entries(values->bits) ? whole_bytes(tensor->count, values->bits)
                                                              : tensor->count * parts);
        if (fits && values->field && !width && !values->is_text &&
            !do_fit(message, of_type, tensor->type.size))
            *why = "has numbers that its type has not";
    }
    if (!fits)
        *why = "has a shape that does not fit its values";
}

void onnx_find_floats(struct wire message, uint32_t field, bool many, struct onnx_values *values)
{
    *values = (struct onnx_values){.message = message, .field = field, .is_known = true, .type_number = 1};
    struct wire_field last;
    values->tensor.type = types[1].type;
    if (many) {
        find_numbers(message, field, 4, values);
        values->tensor.shape[values->tensor.axes++] = values->given;
    } else if (wire_last_of(message, field, &last)) {
        values->place = last.bytes;
    }
    tensor_count(&values->tensor);
}

/* Elements that share bytes, each in a byte of its own. */
static void unpack(const unsigned char *packed, uint64_t count, unsigned bits, bool is_signed,
                   unsigned char *out)
{
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t bit = i * bits, byte = bit / 8;
        const unsigned shift = (unsigned)(bit % 8);
        unsigned value = packed[byte] >> shift;
        if (shift + bits > 8)
            value |= (unsigned)packed[byte + 1] << (8 - shift);
        value &= (1u << bits) - 1;
        if (is_signed && value >> (bits - 1))
            value |= ~0u << bits;
        out[i] = (unsigned char)value;
    }
}

/* The numbers of a field behind each other, `size` bytes each. */
static void gather(struct wire message, uint32_t number, unsigned width, unsigned size, unsigned char *out)
{
    struct wire_field field;
    while (wire_next_of(&message, number, &field)) {
        uint64_t value = field.value;
        if (width && wire_size(field.bytes) > 0) {
            memcpy(out, field.bytes.at, wire_size(field.bytes));
            out += wire_size(field.bytes);
        } else if (!width && field.type != WIRE_BYTES) {
            memcpy(out, &value, size); /* every supported machine begins with the least byte */
            out += size;
        }
        while (!width && field.type == WIRE_BYTES && wire_size(field.bytes) > 0 &&
               wire_varint(&field.bytes, &value)) {
            memcpy(out, &value, size);
            out += size;
        }
    }
}

/* Of a file beside the model what is packed, in memory. */
static int read_packed(struct context *context, struct onnx_data *data, const struct onnx_place *place,
                       uint64_t size, unsigned char **packed)
{
    struct blob *blob;
    *packed = NULL;
    const int code = onnx_data_open(data, place, &blob);
    if (code)
        return code;
    *packed = malloc((size_t)size + 1);
    return *packed ? blob_read(blob, place->offset, *packed, (size_t)size, context->error)
                   : no_memory(context);
}

int onnx_open_values(struct context *context, struct onnx_values *values, struct blob *whole,
                     struct onnx_data *data, struct blob *own, struct blob **blob)
{
    struct tensor *tensor = &values->tensor;
    struct onnx_place place;
    *own = (struct blob){0};
    int code = values->is_external ? onnx_data_find(data, values->message, values, &place) : 0;
    if (code)
        return code;
    if (values->is_external && !values->bits) {
        tensor->offset = place.offset;
        return onnx_data_open(data, &place, blob);
    }
    if (wire_size(values->place) > 0) {
        *blob = whole;
        tensor->offset = (uint64_t)(values->place.at - (const unsigned char *)whole->bytes);
        return 0;
    }
    const uint64_t size = tensor->count * tensor->type.size;
    if (size > MLG_COMPARE_BYTES)
        return mlg_error_set(context->error, MLG_LIMIT, "'%s' has a tensor of more than %llu MiB",
                             whole->path, (unsigned long long)(MLG_COMPARE_BYTES >> 20));
    unsigned char *bytes = calloc(size + 1, 1);
    if (!bytes)
        return no_memory(context);
    struct wire_field field = {0};
    /* Of attributes: a tensor's field 7 has whole numbers. */
    const bool is_float_attribute = tensor->type.kind == 'f' && (values->field == 2 || values->field == 7);
    const unsigned width = width_of(values->field, is_float_attribute);
    if (values->is_external) {
        unsigned char *packed;
        code = read_packed(context, data, &place, values->stored, &packed);
        if (!code)
            unpack(packed, tensor->count, values->bits, tensor->type.kind == 'i', bytes);
        free(packed);
    } else if (values->field == TENSOR_RAW) {
        wire_last_of(values->message, TENSOR_RAW, &field);
        unpack(field.bytes.at, tensor->count, values->bits, tensor->type.kind == 'i', bytes);
    } else if (shares_entries(values->bits)) {
        unsigned char *packed = calloc(values->given + 1, 1);
        if (!packed) {
            free(bytes);
            return no_memory(context);
        }
        gather(values->message, values->field, 0, 1, packed);
        unpack(packed, tensor->count, values->bits, tensor->type.kind == 'i', bytes);
        free(packed);
    } else if (values->field) {
        gather(values->message, values->field, width, tensor->type.size, bytes);
    }
    blob_hold(own, whole->path, (char *)bytes, size);
    *blob = own;
    return code;
}

/* ---- all of a file --------------------------------------------------------------------------------- */

struct reader {
    struct context *context;
    const struct blob *blob;
    struct onnx_data *data;
    uint64_t messages;
};

static int damaged(const struct reader *reader, const unsigned char *at, const char *what, const char *why)
{
    const unsigned char *start = (const unsigned char *)reader->blob->bytes;
    return mlg_error_set(reader->context->error, MLG_DATA,
                         "'%s' is damaged, or no ONNX model: %s%s%s, at byte %llu", reader->blob->path,
                         what ? what : "", what ? " " : "", why, (unsigned long long)(at - start));
}

/* What is wrong with how a field is written; NULL: nothing. */
static const char *check_form(const struct onnx_rule *rule, const struct wire_field *field)
{
    static const struct {
        enum wire_type type; /* of one */
        bool packs;
        unsigned width;
    } forms[] = {
        [ONNX_NUMBER] = {WIRE_VARINT, false, 0}, [ONNX_NAME] = {WIRE_BYTES, false, 0},
        [ONNX_BYTES] = {WIRE_BYTES, false, 0},   [ONNX_MESSAGE_WITHIN] = {WIRE_BYTES, false, 0},
        [ONNX_FLOAT] = {WIRE_32, false, 0},      [ONNX_NUMBERS] = {WIRE_VARINT, true, 0},
        [ONNX_SINGLES] = {WIRE_32, true, 4},     [ONNX_DOUBLES] = {WIRE_64, true, 8},
    };
    const size_t size = wire_size(field->bytes);
    const bool is_packed = forms[rule->form].packs && field->type == WIRE_BYTES;
    if (!is_packed && field->type != forms[rule->form].type)
        return "is written as another type";
    if (rule->form == ONNX_NAME && size > ONNX_NAME_BYTES)
        return "is a name of more than 4,096 bytes";
    if (rule->form == ONNX_NAME && !is_utf8((const char *)field->bytes.at, size))
        return "is a name that is no UTF-8";
    struct wire numbers = field->bytes;
    uint64_t value;
    while (is_packed && !forms[rule->form].width && wire_size(numbers) > 0)
        if (!wire_varint(&numbers, &value))
            return "has a number that is cut short";
    return is_packed && forms[rule->form].width && size % forms[rule->form].width
               ? "has a number that is cut short"
               : NULL;
}

/* Of a message whose fields are good; the values of a tensor are found. */
static const char *check_whole(enum onnx_message message, struct wire wire, uint64_t seen,
                               struct onnx_values *values)
{
    const char *why = NULL;
    if (message == ONNX_TENSOR)
        onnx_find_tensor(wire, values, &why);
    else if (message == ONNX_ATTRIBUTE)
        why = check_attribute(wire);
    else if (message == ONNX_MODEL && !(seen >> MODEL_GRAPH & 1))
        why = "has no graph";
    else if (message == ONNX_SPARSE && !(seen >> SPARSE_VALUES & seen >> SPARSE_INDICES & 1))
        why = "has no values or no indices";
    return why;
}

static int check(struct reader *reader, enum onnx_message message, struct wire wire, unsigned depth)
{
    const struct wire whole = wire;
    struct wire_field field;
    const char *why = NULL;
    uint64_t seen = 0; /* bit i: field i, of those that are messages */
    int more, code = 0;
    if (depth > ONNX_DEPTH)
        return damaged(reader, whole.at, NULL, "messages lie in each other more than 100 deep");
    if (reader->messages++ == ONNX_MESSAGES)
        return mlg_error_set(reader->context->error, MLG_LIMIT, "'%s' is a model of more than %d messages",
                             reader->blob->path, ONNX_MESSAGES);
    while (!code && (more = wire_next(&wire, &field, &why)) != 0) {
        if (more < 0)
            return damaged(reader, wire.at, NULL, why);
        const struct onnx_rule *rule = onnx_rule_of(message, field.number);
        if (!rule)
            continue;
        why = check_form(rule, &field);
        if (!why && rule->form == ONNX_MESSAGE_WITHIN) {
            if (seen >> rule->number & 1 && !rule->many)
                why = "stands twice";
            seen |= UINT64_C(1) << rule->number;
        }
        if (why)
            return damaged(
                reader, field.bytes.at,
                mlg_arena_format(reader->context->arena, "'%s' of %s", rule->name, onnx_rules[message].word),
                why);
        if (rule->form == ONNX_MESSAGE_WITHIN)
            code = check(reader, rule->within, field.bytes, depth + 1);
    }
    struct onnx_values values = {0};
    why = code ? NULL : check_whole(message, whole, seen, &values);
    if (!why && !code && values.is_external)
        code = onnx_data_check(reader->data, whole, &values);
    if (!why)
        return code;
    struct wire_field name;
    const bool is_tensor = message == ONNX_TENSOR;
    if ((is_tensor || message == ONNX_ATTRIBUTE) &&
        wire_last_of(whole, is_tensor ? TENSOR_NAME : ATTRIBUTE_NAME, &name) && wire_size(name.bytes) > 0)
        return damaged(reader, whole.at,
                       mlg_arena_format(reader->context->arena, "%s '%.*s'",
                                        is_tensor ? "tensor" : "attribute", (int)wire_size(name.bytes),
                                        (const char *)name.bytes.at),
                       why);
    return damaged(reader, whole.at, onnx_rules[message].word, why);
}

int onnx_check(struct context *context, struct blob *blob, struct onnx_data *data)
{
    struct reader reader = {.context = context, .blob = blob, .data = data};
    int code = blob_load(blob, context->error);
    const unsigned char *bytes = (const unsigned char *)blob->bytes;
    if (!code)
        code = check(&reader, ONNX_MODEL, (struct wire){bytes, bytes + blob->size}, 1);
    return code ? code : onnx_data_check_all(data);
}
