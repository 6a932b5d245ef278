/* onnx_words: what two messages have that is the same or not and has no distance: texts, whole numbers,
 * types, and fields that nobody knows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "onnx.h"

static struct wire without_alias(struct wire domain)
{
    static const char alias[] = "ai.onnx";
    return wire_size(domain) == sizeof alias - 1 && memcmp(domain.at, alias, sizeof alias - 1) == 0
               ? (struct wire){0}
               : domain;
}

/* ---- words: what is the same or not, and has no distance ------------------------------------------- */

void onnx_tally_word(struct tally *tally, const char *label, int64_t index, struct wire a, bool has_a,
                     struct wire b, bool has_b)
{
    const size_t size_a = wire_size(a), size_b = wire_size(b);
    if (has_a == has_b && size_a == size_b && (size_a == 0 || memcmp(a.at, b.at, size_a) == 0)) {
        tally_equal(tally);
        return;
    }
    if (!tally_unlike(tally, "holds other values"))
        return;
    char at[32] = "";
    if (index >= 0)
        snprintf(at, sizeof at, "[%lld]", (long long)index);
    const char *name = tally->part.name, *place = mlg_arena_format(tally->context->arena, "%s%s%s%s", name,
                                                                   *label && *name ? " " : "", label, at);
    if (place)
        tally_place(tally, place, has_a ? (const char *)(size_a ? a.at : (const unsigned char *)"") : NULL,
                    size_a, has_b ? (const char *)(size_b ? b.at : (const unsigned char *)"") : NULL, size_b);
}

struct wire onnx_wire_of(const char *text)
{
    return (struct wire){(const unsigned char *)text, (const unsigned char *)text + strlen(text)};
}

void onnx_tally_number(struct tally *tally, const char *label, int64_t index, uint64_t a, bool has_a,
                       uint64_t b, bool has_b)
{
    char x[24], y[24];
    snprintf(x, sizeof x, "%lld", (long long)(int64_t)a);
    snprintf(y, sizeof y, "%lld", (long long)(int64_t)b);
    onnx_tally_word(tally, label, index, onnx_wire_of(x), has_a, onnx_wire_of(y), has_b);
}

/* The next number of a field, packed or not. */
struct numbers {
    struct wire message, packed;
    uint32_t field;
};

static bool next_number(struct numbers *numbers, uint64_t *value)
{
    struct wire_field field;
    *value = 0;
    while (wire_size(numbers->packed) == 0) {
        if (!wire_next_of(&numbers->message, numbers->field, &field))
            return false;
        *value = field.value;
        if (field.type != WIRE_BYTES)
            return true;
        numbers->packed = field.bytes;
    }
    return wire_varint(&numbers->packed, value);
}

void onnx_tally_numbers(struct tally *tally, const char *label, uint32_t field, struct wire a, struct wire b)
{
    struct numbers x = {.message = a, .field = field}, y = {.message = b, .field = field};
    uint64_t m, n;
    for (int64_t index = 0;; index++) {
        const bool has_a = next_number(&x, &m), has_b = next_number(&y, &n);
        if (!has_a && !has_b)
            return;
        onnx_tally_number(tally, label, index, m, has_a, n, has_b);
    }
}

void onnx_tally_texts(struct tally *tally, const char *label, uint32_t number, struct wire a, struct wire b)
{
    struct wire_field x, y;
    for (int64_t index = 0;; index++) {
        const bool has_a = wire_next_of(&a, number, &x), has_b = wire_next_of(&b, number, &y);
        if (!has_a && !has_b)
            return;
        onnx_tally_word(tally, label, index, has_a ? x.bytes : (struct wire){0}, has_a,
                        has_b ? y.bytes : (struct wire){0}, has_b);
    }
}

/* ---- fields that are not known, or left out -------------------------------------------------------- */

struct unknown {
    struct wire_field *fields; /* scratch; by number */
    size_t count, capacity;
};

static int by_number(const void *x, const void *y)
{
    const struct wire_field *a = x, *b = y;
    if (a->number != b->number)
        return a->number < b->number ? -1 : 1;
    return (a->bytes.at > b->bytes.at) - (a->bytes.at < b->bytes.at); /* as they stand in the file */
}

/* Fields that no row names, and with `all` those that one names, too: they are compared as bytes. */
static int find_unknown(struct onnx_models *models, enum onnx_message message, bool all, struct wire wire,
                        struct unknown *unknown)
{
    struct wire_field field;
    const char *why;
    *unknown = (struct unknown){0};
    while (wire_next(&wire, &field, &why) > 0) {
        const struct onnx_rule *rule = onnx_rule_of(message, field.number);
        if (rule && (!all || rule->use == ONNX_LEFT_OUT))
            continue;
        struct wire_field *fields = mlg_arena_grow(&models->scratch, unknown->fields, &unknown->capacity,
                                                   unknown->count + 1, sizeof *fields);
        if (!fields)
            return no_memory(models->context);
        unknown->fields = fields;
        fields[unknown->count++] = field;
    }
    if (unknown->count > 0)
        qsort(unknown->fields, unknown->count, sizeof *unknown->fields, by_number);
    return 0;
}

static void tally_unknown(struct tally *tally, const struct unknown *a, const struct unknown *b)
{
    size_t i = 0, k = 0;
    while (i < a->count || k < b->count) {
        const bool has_a = i < a->count && (k == b->count || a->fields[i].number <= b->fields[k].number),
                   has_b = k < b->count && (i == a->count || b->fields[k].number <= a->fields[i].number);
        const struct wire_field *x = has_a ? &a->fields[i] : NULL, *y = has_b ? &b->fields[k] : NULL;
        char label[32];
        snprintf(label, sizeof label, "field %u", (unsigned)(has_a ? a->fields[i] : b->fields[k]).number);
        const bool same_type = !x || !y || x->type == y->type;
        onnx_tally_word(tally, label, ONNX_NO_INDEX, x ? x->bytes : (struct wire){0}, x != NULL,
                        y ? y->bytes : (struct wire){0}, y != NULL && same_type);
        i += has_a;
        k += has_b;
    }
}

static void look_at_left_out(struct onnx_models *models, enum onnx_message message, struct wire a,
                             struct wire b)
{
    const struct onnx_rules *rules = &onnx_rules[message];
    for (size_t i = 0; i < rules->count; i++) {
        const struct onnx_rule *rule = &rules->rows[i];
        struct wire_field x, y;
        struct wire rest_a = a, rest_b = b;
        bool more = rule->use == ONNX_LEFT_OUT, differ = false;
        while (more && !differ) {
            const bool has_a = wire_next_of(&rest_a, rule->number, &x),
                       has_b = wire_next_of(&rest_b, rule->number, &y);
            more = has_a && has_b;
            differ = has_a != has_b ||
                     (more &&
                      (wire_size(x.bytes) != wire_size(y.bytes) ||
                       (wire_size(x.bytes) > 0 && memcmp(x.bytes.at, y.bytes.at, wire_size(x.bytes)) != 0)));
        }
        if (differ)
            models->context->onnx_left_out |= 1u << rule->left_out;
    }
}

/* Everything of a message that rows say how to compare. */
int onnx_tally_fields(struct onnx_models *models, struct tally *tally, enum onnx_message message,
                      int64_t index, struct wire a, struct wire b)
{
    const struct onnx_rules *rules = &onnx_rules[message];
    for (size_t i = 0; i < rules->count; i++) {
        const struct onnx_rule *rule = &rules->rows[i];
        struct wire_field x, y;
        if (rule->use != ONNX_COMPARED)
            continue;
        if (rule->many) {
            (rule->form == ONNX_NUMBERS ? onnx_tally_numbers : onnx_tally_texts)(tally, rule->name,
                                                                                 rule->number, a, b);
            continue;
        }
        wire_last_of(a, rule->number, &x);
        wire_last_of(b, rule->number, &y); /* one that is not there is 0 or "" */
        if (rule->form == ONNX_NUMBER)
            onnx_tally_number(tally, rule->name, index, x.value, true, y.value, true);
        else
            onnx_tally_word(tally, rule->name, index, rule->is_domain ? without_alias(x.bytes) : x.bytes,
                            true, rule->is_domain ? without_alias(y.bytes) : y.bytes, true);
    }
    struct unknown left, right;
    look_at_left_out(models, message, a, b);
    int code = find_unknown(models, message, false, a, &left);
    if (!code)
        code = find_unknown(models, message, false, b, &right);
    if (!code)
        tally_unknown(tally, &left, &right);
    return code;
}

int onnx_end_words(struct tally *tally)
{
    const uint64_t count = tally->part.distance.elements;
    if (!tally->part.what)
        tally->part.what = mlg_counted_text(count, "value", "values", tally->context->arena);
    return tally_end(tally);
}

int onnx_compare_rest(struct onnx_models *models, const char *name, enum onnx_message message, bool all,
                      struct wire a, struct wire b)
{
    struct unknown left, right;
    struct tally tally;
    look_at_left_out(models, message, a, b);
    int code = find_unknown(models, message, all, a, &left);
    if (!code)
        code = find_unknown(models, message, all, b, &right);
    if (code || (left.count == 0 && right.count == 0) || is_ignored(models->context, name))
        return code;
    code = tally_begin(&tally, models->context, name, MLG_PART_GRAPH);
    if (code)
        return code;
    tally_unknown(&tally, &left, &right);
    return onnx_end_words(&tally);
}

/* ---- types of inputs and outputs ------------------------------------------------------------------- */

/* What no row names, exactly. */
static void put_unknown(struct mlg_builder *out, enum onnx_message message, struct wire wire)
{
    struct wire_field field;
    const char *why;
    while (wire_next(&wire, &field, &why) > 0) {
        if (onnx_rule_of(message, field.number))
            continue;
        mlg_put_format(out, " field %u:", (unsigned)field.number);
        for (size_t i = 0; i < wire_size(field.bytes); i++)
            mlg_put_format(out, "%02x", field.bytes.at[i]);
    }
}

static void put_name(struct mlg_builder *out, const char *before, struct wire message, uint32_t number)
{
    struct wire_field field;
    if (!wire_last_of(message, number, &field) || wire_size(field.bytes) == 0)
        return;
    mlg_put(out, before);
    mlg_put(out, "'");
    mlg_put_bytes(out, (const char *)field.bytes.at, wire_size(field.bytes));
    mlg_put(out, "'");
}

static void put_element_type(struct mlg_builder *out, struct wire message)
{
    struct wire_field field;
    wire_last_of(message, 1, &field);
    const char *word = onnx_type_word(field.value);
    if (word)
        mlg_put(out, word);
    else
        mlg_put_format(out, "type %llu", (unsigned long long)field.value);
}

static void put_shape(struct mlg_builder *out, struct wire shape)
{
    struct wire_field dimension, size;
    struct wire rest = shape;
    mlg_put(out, " [");
    for (bool first = true; wire_next_of(&rest, 1, &dimension); first = false) {
        mlg_put(out, first ? "" : ", ");
        const bool is_number = wire_last_of(dimension.bytes, 1, &size);
        if (is_number)
            mlg_put_format(out, "%lld", (long long)(int64_t)size.value);
        put_name(out, is_number ? " " : "", dimension.bytes, 2);
        put_name(out, " denoted ", dimension.bytes, 3);
        put_unknown(out, ONNX_DIMENSION, dimension.bytes);
    }
    mlg_put(out, "]");
    put_unknown(out, ONNX_SHAPE, shape);
}

static void put_type(struct mlg_builder *out, struct wire type)
{
    struct wire_field field, part;
    const char *why;
    struct wire rest = type;
    while (wire_next(&rest, &field, &why) > 0) {
        const struct onnx_rule *rule = onnx_rule_of(ONNX_TYPE, field.number);
        if (!rule || rule->form != ONNX_MESSAGE_WITHIN)
            continue;
        if (rule->within == ONNX_TENSOR_TYPE) { /* a tensor is the usual case, and not said */
            mlg_put(out, field.number == 1 ? "" : "sparse ");
            put_element_type(out, field.bytes);
            if (wire_last_of(field.bytes, 2, &part))
                put_shape(out, part.bytes);
        } else {
            mlg_put_format(out, "%s(", rule->name);
            if (rule->within == ONNX_MAP_TYPE) {
                put_element_type(out, field.bytes);
                mlg_put(out, ", ");
            }
            if (wire_last_of(field.bytes, rule->within == ONNX_MAP_TYPE ? 2 : 1, &part))
                put_type(out, part.bytes);
            mlg_put(out, ")");
        }
        put_unknown(out, rule->within, field.bytes);
    }
    put_name(out, " denoted ", type, 6);
    put_unknown(out, ONNX_TYPE, type);
}

int onnx_tally_type(struct onnx_models *models, struct tally *tally, const char *label, int64_t index,
                    struct wire a, bool has_a, struct wire b, bool has_b)
{
    struct mlg_builder x, y;
    mlg_builder_init(&x, 0);
    mlg_builder_init(&y, 0);
    mlg_put(&x, "");
    mlg_put(&y, "");
    put_type(&x, a);
    put_type(&y, b);
    const bool good = !x.failed && !y.failed;
    if (good)
        onnx_tally_word(tally, label, index, onnx_wire_of(x.data), has_a, onnx_wire_of(y.data), has_b);
    mlg_builder_free(&x);
    mlg_builder_free(&y);
    return good ? 0 : no_memory(models->context);
}
