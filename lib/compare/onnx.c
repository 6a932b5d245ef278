/* onnx: two models part by part. Tensors are paired by their names, nodes by the name of their first output,
 * which no other node of a graph has, so that their order is of no matter; attributes by theirs. What says
 * nothing of what a model computes is left out, with a note where it differs. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "onnx.h"

/* Names of parts are made of the names of all graphs around them. */
#define NAMES_BYTES (UINT64_C(256) << 20)

struct models {
    struct context *context;
    struct mlg_arena scratch;
    struct blob *blobs[2]; /* A, B */
    uint64_t named;        /* bytes of names of parts */
};

/* ---- parts and their names
 * ------------------------------------------------------------------------------------------ */

/* Two texts, one behind the other; NULL: told. */
static const char *name_of(struct models *models, const char *prefix, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static const char *name_of(struct models *models, const char *prefix, const char *format, ...)
{
    enum { MOST = 2 * ONNX_NAME_BYTES + 64 };
    char text[MOST];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    models->named += strlen(prefix) + strlen(text) + 1;
    if (models->named > NAMES_BYTES) {
        mlg_error_set(models->context->error, MLG_LIMIT,
                      "the names of what '%s' holds take more than %llu MiB", models->blobs[0]->path,
                      (unsigned long long)(NAMES_BYTES >> 20));
        return NULL;
    }
    const char *name = mlg_arena_format(models->context->arena, "%s%s", prefix, text);
    if (!name)
        no_memory(models->context);
    return name;
}

static int failed(const struct models *models)
{
    return models->context->error->code ? (int)models->context->error->code : MLG_LIMIT;
}

/* A text of the scratch memory; "" where the field is not there. NULL: told. */
static const char *text_of(struct models *models, struct wire message, uint32_t number)
{
    struct wire_field field;
    wire_last_of(message, number, &field);
    const char *text = mlg_arena_copy(&models->scratch, (const char *)field.bytes.at, wire_size(field.bytes));
    if (!text)
        no_memory(models->context);
    return text;
}

static struct wire without_alias(struct wire domain)
{
    static const char alias[] = "ai.onnx";
    return wire_size(domain) == sizeof alias - 1 && memcmp(domain.at, alias, sizeof alias - 1) == 0
               ? (struct wire){0}
               : domain;
}

/* ---- words: what is the same or not, and has no distance
 * ------------------------------------------------------------ */

enum { NO_INDEX = -1 };

static void tally_word(struct tally *tally, const char *label, int64_t index, struct wire a, bool has_a,
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

static struct wire wire_of(const char *text)
{
    return (struct wire){(const unsigned char *)text, (const unsigned char *)text + strlen(text)};
}

static void tally_number_word(struct tally *tally, const char *label, int64_t index, uint64_t a, bool has_a,
                              uint64_t b, bool has_b)
{
    char x[24], y[24];
    snprintf(x, sizeof x, "%lld", (long long)(int64_t)a);
    snprintf(y, sizeof y, "%lld", (long long)(int64_t)b);
    tally_word(tally, label, index, wire_of(x), has_a, wire_of(y), has_b);
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

static void tally_numbers(struct tally *tally, const char *label, uint32_t field, struct wire a,
                          struct wire b)
{
    struct numbers x = {.message = a, .field = field}, y = {.message = b, .field = field};
    uint64_t m, n;
    for (int64_t index = 0;; index++) {
        const bool has_a = next_number(&x, &m), has_b = next_number(&y, &n);
        if (!has_a && !has_b)
            return;
        tally_number_word(tally, label, index, m, has_a, n, has_b);
    }
}

static void tally_texts_of(struct tally *tally, const char *label, uint32_t number, struct wire a,
                           struct wire b)
{
    struct wire_field x, y;
    for (int64_t index = 0;; index++) {
        const bool has_a = wire_next_of(&a, number, &x), has_b = wire_next_of(&b, number, &y);
        if (!has_a && !has_b)
            return;
        tally_word(tally, label, index, has_a ? x.bytes : (struct wire){0}, has_a,
                   has_b ? y.bytes : (struct wire){0}, has_b);
    }
}

/* ---- fields that are not known, or left out
 * ------------------------------------------------------------------------- */

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
static int find_unknown(struct models *models, enum onnx_message message, bool all, struct wire wire,
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
        snprintf(label, sizeof label, "field %u", (unsigned)(x ? x : y)->number);
        const bool same_type = !x || !y || x->type == y->type;
        tally_word(tally, label, NO_INDEX, x ? x->bytes : (struct wire){0}, x != NULL,
                   y ? y->bytes : (struct wire){0}, y != NULL && same_type);
        i += has_a;
        k += has_b;
    }
}

static void look_at_left_out(struct models *models, enum onnx_message message, struct wire a, struct wire b)
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
static int tally_fields(struct models *models, struct tally *tally, enum onnx_message message, int64_t index,
                        struct wire a, struct wire b)
{
    const struct onnx_rules *rules = &onnx_rules[message];
    for (size_t i = 0; i < rules->count; i++) {
        const struct onnx_rule *rule = &rules->rows[i];
        struct wire_field x, y;
        if (rule->use != ONNX_COMPARED)
            continue;
        if (rule->many) {
            (rule->form == ONNX_NUMBERS ? tally_numbers : tally_texts_of)(tally, rule->name, rule->number, a,
                                                                          b);
            continue;
        }
        wire_last_of(a, rule->number, &x);
        wire_last_of(b, rule->number, &y); /* one that is not there is 0 or "" */
        if (rule->form == ONNX_NUMBER)
            tally_number_word(tally, rule->name, index, x.value, true, y.value, true);
        else
            tally_word(tally, rule->name, index, rule->is_domain ? without_alias(x.bytes) : x.bytes, true,
                       rule->is_domain ? without_alias(y.bytes) : y.bytes, true);
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

static int end_words(struct tally *tally)
{
    const uint64_t count = tally->part.distance.elements;
    if (!tally->part.what)
        tally->part.what =
            mlg_arena_format(tally->context->arena, "%s %s", mlg_count_text(count, tally->context->arena),
                             mlg_plural(count, "value", "values"));
    return tally_end(tally);
}

/* What is left of a message whose values are parts of their own: nothing, or fields that are not known. */
static int compare_rest(struct models *models, const char *name, enum onnx_message message, bool all,
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
    return end_words(&tally);
}

/* ---- tensors
 * ------------------------------------------------------------------------------------------------------- */

static struct wire entry_of(struct wire message, const char *key)
{
    struct wire_field entry, field;
    while (wire_next_of(&message, TENSOR_EXTERNAL, &entry))
        if (wire_last_of(entry.bytes, ENTRY_KEY, &field) && wire_size(field.bytes) == strlen(key) &&
            memcmp(field.bytes.at, key, strlen(key)) == 0) {
            wire_last_of(entry.bytes, ENTRY_VALUE, &field);
            return field.bytes;
        }
    return (struct wire){0};
}

/* Where values lie in another file: that these places are the same is all that can be said. */
static int compare_external(struct models *models, const char *name, const struct onnx_values *a,
                            const struct onnx_values *b)
{
    static const char *const keys[] = {"location", "offset", "length", "checksum"};
    struct context *context = models->context;
    struct tally tally;
    int code = tally_begin(&tally, context, name, MLG_PART_TENSOR);
    if (code)
        return code;
    tally.part.what = tensor_what(context, &a->tensor);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        tally_word(&tally, keys[i], NO_INDEX, entry_of(a->message, keys[i]), a->is_external,
                   entry_of(b->message, keys[i]), b->is_external);
    if (tally.part.distance.beyond > 0)
        return tally_end_as(&tally, MLG_PART_OPAQUE,
                            "its values lie in another file, which is not looked at");
    tally.other_bytes = true; /* for all that is known */
    tally.part.distance.undefined = named(context, name, "lies in another file, which is not looked at");
    const struct wire location = entry_of(a->message, "location");
    return unseen(context, name, (const char *)location.at, wire_size(location)) || tally_end(&tally);
}

static bool is_alike(const struct tensor *a, const struct tensor *b)
{
    bool same = a->axes == b->axes && strcmp(a->type.name, b->type.name) == 0;
    for (size_t i = 0; same && i < a->axes; i++)
        same = a->shape[i] == b->shape[i];
    return same;
}

static int compare_values(struct models *models, const char *name, struct onnx_values *a,
                          struct onnx_values *b)
{
    struct context *context = models->context;
    struct blob own[2], *blobs[2] = {models->blobs[0], models->blobs[1]};
    if (!is_alike(&a->tensor, &b->tensor)) /* told without a look at them */
        return compare_tensors(context, name, blobs[0], &a->tensor, blobs[1], &b->tensor);
    int code = onnx_open_values(context, a, blobs[0], &own[0], &blobs[0]);
    if (code)
        return code;
    code = onnx_open_values(context, b, blobs[1], &own[1], &blobs[1]);
    if (!code)
        code = compare_tensors(context, name, blobs[0], &a->tensor, blobs[1], &b->tensor);
    blob_close(&own[0]);
    blob_close(&own[1]);
    return code;
}

static int compare_tensor(struct models *models, const char *name, struct wire message_a,
                          struct wire message_b)
{
    struct context *context = models->context;
    struct onnx_values a, b;
    struct tally tally;
    const char *why;
    onnx_find_tensor(message_a, &a, &why);
    onnx_find_tensor(message_b, &b, &why);
    const bool is_known = a.is_known && b.is_known;
    if (is_ignored(context, name))
        return 0;
    int code = compare_rest(models, name, ONNX_TENSOR, !is_known, message_a, message_b);
    if (code || !is_known)
        return code;
    const bool are_alike = is_alike(&a.tensor, &b.tensor);
    if (are_alike && (a.is_external || b.is_external))
        return compare_external(models, name, &a, &b);
    if (!are_alike || !a.is_text)
        return compare_values(models, name, &a, &b);
    code = tally_begin(&tally, context, name, MLG_PART_TENSOR);
    if (code)
        return code;
    tally.part.what = tensor_what(context, &a.tensor);
    tally_texts_of(&tally, "", TENSOR_TEXTS, message_a, message_b);
    return end_words(&tally);
}

static int compare_sparse(struct models *models, const char *name, struct wire a, struct wire b)
{
    static const struct {
        uint32_t field;
        const char *word;
    } halves[] = {{SPARSE_VALUES, "/values"}, {SPARSE_INDICES, "/indices"}};
    struct tally tally;
    int code = 0;
    if (!is_ignored(models->context, name)) {
        code = tally_begin(&tally, models->context, name, MLG_PART_GRAPH);
        if (!code)
            code = tally_fields(models, &tally, ONNX_SPARSE, NO_INDEX, a, b);
        if (!code)
            code = end_words(&tally);
    }
    for (size_t i = 0; !code && i < sizeof halves / sizeof *halves; i++) {
        struct wire_field x, y;
        const char *part = name_of(models, name, "%s", halves[i].word);
        wire_last_of(a, halves[i].field, &x);
        wire_last_of(b, halves[i].field, &y);
        code = part ? compare_tensor(models, part, x.bytes, y.bytes) : failed(models);
    }
    return code;
}

static int only_tensor(struct models *models, const char *name, bool in_a, struct wire message)
{
    struct onnx_values values;
    const char *why;
    onnx_find_tensor(message, &values, &why);
    return only_one(models->context, name, in_a, MLG_PART_TENSOR,
                    values.is_known ? tensor_what(models->context, &values.tensor) : NULL);
}

/* ---- types of inputs and outputs
 * ------------------------------------------------------------------------------------- */

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

static int tally_type(struct models *models, struct tally *tally, const char *label, int64_t index,
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
        tally_word(tally, label, index, wire_of(x.data), has_a, wire_of(y.data), has_b);
    mlg_builder_free(&x);
    mlg_builder_free(&y);
    return good ? 0 : no_memory(models->context);
}

/* Inputs or outputs: their order says which is which. */
static int compare_ends(struct models *models, const char *name, uint32_t number, struct wire a,
                        struct wire b)
{
    struct wire_field x = {0}, y = {0}, type_a, type_b;
    struct tally tally;
    if (is_ignored(models->context, name))
        return 0;
    int code = tally_begin(&tally, models->context, name, MLG_PART_GRAPH);
    for (int64_t index = 0; !code; index++) {
        const bool has_a = wire_next_of(&a, number, &x), has_b = wire_next_of(&b, number, &y);
        if (!has_a && !has_b)
            break;
        struct wire left = has_a ? x.bytes : (struct wire){0}, right = has_b ? y.bytes : (struct wire){0};
        if (has_a != has_b) {
            struct wire_field name_a, name_b;
            wire_last_of(left, VALUE_NAME, &name_a);
            wire_last_of(right, VALUE_NAME, &name_b);
            tally_word(&tally, "", index, name_a.bytes, has_a, name_b.bytes, has_b);
            continue;
        }
        code = tally_fields(models, &tally, ONNX_VALUE, index, left, right);
        wire_last_of(left, VALUE_TYPE, &type_a);
        wire_last_of(right, VALUE_TYPE, &type_b);
        if (!code)
            code = tally_type(models, &tally, "type", index, type_a.bytes, true, type_b.bytes, true);
    }
    if (code || tally.part.distance.elements == 0)
        return code;
    return end_words(&tally);
}

/* ---- lists whose items have a name of their own
 * ----------------------------------------------------------------------- */

struct item {
    const char *key, *type; /* scratch; type of a node */
    struct wire message;
    bool is_single; /* of its type in the graph */
};

struct list {
    struct item *items; /* scratch; by key */
    size_t count, capacity;
};

/* What two lists are of, and what becomes of their items. */
struct kind {
    const char *word;
    bool has_types, may_repeat;
    const char *(*key)(struct models *models, struct wire message);
    int (*both)(struct models *models, const char *prefix, const struct item *a, const struct item *b);
    int (*one)(struct models *models, const char *prefix, const struct item *item, bool in_a);
};

static int by_key(const void *x, const void *y)
{
    const struct item *a = x, *b = y;
    const int order = strcmp(a->key, b->key);
    return order ? order : (a->message.at > b->message.at) - (a->message.at < b->message.at);
}

static int by_type(const void *x, const void *y)
{
    const struct item *a = x, *b = y;
    return strcmp(a->type, b->type);
}

static int find_items(struct models *models, const struct kind *kind, struct wire message, uint32_t number,
                      int side, struct list *list)
{
    struct wire_field field;
    *list = (struct list){0};
    while (wire_next_of(&message, number, &field)) {
        struct item *items =
            mlg_arena_grow(&models->scratch, list->items, &list->capacity, list->count + 1, sizeof *items);
        if (!items)
            return no_memory(models->context);
        list->items = items;
        items[list->count] = (struct item){.message = field.bytes};
        items[list->count].key = kind->key(models, field.bytes);
        items[list->count].type = kind->has_types ? text_of(models, field.bytes, NODE_TYPE) : "";
        if (!items[list->count].key || !items[list->count].type)
            return failed(models);
        list->count++;
    }
    if (list->count == 0)
        return 0;
    if (kind->has_types)
        qsort(list->items, list->count, sizeof *list->items, by_type);
    for (size_t i = 0; kind->has_types && i < list->count; i++)
        list->items[i].is_single =
            (i == 0 || strcmp(list->items[i - 1].type, list->items[i].type) != 0) &&
            (i + 1 == list->count || strcmp(list->items[i + 1].type, list->items[i].type) != 0);
    qsort(list->items, list->count, sizeof *list->items, by_key);
    for (size_t i = 1; !kind->may_repeat && i < list->count; i++) /* without a name: paired by place */
        if (*list->items[i].key && strcmp(list->items[i - 1].key, list->items[i].key) == 0)
            return mlg_error_set(models->context->error, MLG_DATA,
                                 "'%s' is damaged: there are two %s '%.200s' beside each other",
                                 models->blobs[side]->path, kind->word, list->items[i].key);
    return 0;
}

static int compare_lists(struct models *models, const struct kind *kind, const char *prefix, struct wire a,
                         struct wire b, uint32_t number)
{
    struct list x, y;
    int code = find_items(models, kind, a, number, 0, &x);
    if (!code)
        code = find_items(models, kind, b, number, 1, &y);
    for (size_t i = 0, k = 0; !code && (i < x.count || k < y.count);) {
        const int order = i == x.count ? 1 : k == y.count ? -1 : strcmp(x.items[i].key, y.items[k].key);
        if (order == 0)
            code = kind->both(models, prefix, &x.items[i], &y.items[k]);
        else
            code = kind->one(models, prefix, order < 0 ? &x.items[i] : &y.items[k], order < 0);
        i += order <= 0;
        k += order >= 0;
    }
    return code;
}

static int compare_graph(struct models *models, const char *prefix, struct wire a, struct wire b);

/* ---- initialisers ---- */

static const char *tensor_key(struct models *models, struct wire message)
{
    return text_of(models, message, TENSOR_NAME);
}

static int both_tensors(struct models *models, const char *prefix, const struct item *a, const struct item *b)
{
    const char *name = name_of(models, prefix, "%s", a->key);
    return name ? compare_tensor(models, name, a->message, b->message) : failed(models);
}

static int one_tensor(struct models *models, const char *prefix, const struct item *item, bool in_a)
{
    const char *name = name_of(models, prefix, "%s", item->key);
    return name ? only_tensor(models, name, in_a, item->message) : failed(models);
}

static const struct kind tensors = {"initialisers", false, false, tensor_key, both_tensors, one_tensor};

static const char *sparse_key(struct models *models, struct wire message)
{
    struct wire_field values;
    wire_last_of(message, SPARSE_VALUES, &values);
    return text_of(models, values.bytes, TENSOR_NAME);
}

static int both_sparse(struct models *models, const char *prefix, const struct item *a, const struct item *b)
{
    const char *name = name_of(models, prefix, "%s", a->key);
    return name ? compare_sparse(models, name, a->message, b->message) : failed(models);
}

static int one_sparse(struct models *models, const char *prefix, const struct item *item, bool in_a)
{
    const char *name = name_of(models, prefix, "%s", item->key);
    return name ? only_one(models->context, name, in_a, MLG_PART_TENSOR, "sparse") : failed(models);
}

static const struct kind sparse_tensors = {"initialisers", false, false, sparse_key, both_sparse, one_sparse};

/* ---- attributes ---- */

static const char *attribute_key(struct models *models, struct wire message)
{
    return text_of(models, message, ATTRIBUTE_NAME);
}

/* Attributes of several tensors, graphs or types: one by one. */
static int compare_messages(struct models *models, const char *name, uint32_t field,
                            enum onnx_message message, bool many, struct wire a, struct wire b)
{
    struct wire_field x = {0}, y = {0};
    int code = 0;
    for (unsigned long long index = 0; !code; index++) {
        const bool has_a = wire_next_of(&a, field, &x), has_b = wire_next_of(&b, field, &y);
        if (!has_a && !has_b)
            break;
        const char *part = many ? name_of(models, name, "[%llu]", index) : name;
        if (!part)
            return failed(models);
        if (has_a != has_b) {
            code = only_one(models->context, part, has_a, MLG_PART_GRAPH, onnx_rules[message].word);
        } else if (message == ONNX_TENSOR) {
            code = compare_tensor(models, part, x.bytes, y.bytes);
        } else if (message == ONNX_SPARSE) {
            code = compare_sparse(models, part, x.bytes, y.bytes);
        } else if (message == ONNX_GRAPH) {
            const char *prefix = name_of(models, part, "/");
            code = prefix ? compare_graph(models, prefix, x.bytes, y.bytes) : failed(models);
        } else if (!is_ignored(models->context, part)) {
            struct tally tally;
            code = tally_begin(&tally, models->context, part, MLG_PART_GRAPH);
            if (!code)
                code = tally_type(models, &tally, "", NO_INDEX, x.bytes, true, y.bytes, true);
            if (!code)
                code = end_words(&tally);
        }
    }
    return code;
}

/* Whole numbers of attributes are axes, features, classes, sizes: the same or not, and no distance. */
static int compare_words(struct models *models, const char *name, uint64_t type, struct wire a, struct wire b)
{
    const struct onnx_attribute_type *row = &onnx_attribute_types[type];
    const enum onnx_form form = onnx_rule_of(ONNX_ATTRIBUTE, row->field)->form;
    struct tally tally;
    struct wire_field x, y;
    if (is_ignored(models->context, name))
        return 0;
    int code = tally_begin(&tally, models->context, name, MLG_PART_GRAPH);
    if (code)
        return code;
    if (row->many) {
        (form == ONNX_NUMBERS ? tally_numbers : tally_texts_of)(&tally, "", row->field, a, b);
        return end_words(&tally);
    }
    wire_last_of(a, row->field, &x);
    wire_last_of(b, row->field, &y);
    if (form == ONNX_NUMBER)
        tally_number_word(&tally, "", NO_INDEX, x.value, true, y.value, true);
    else
        tally_word(&tally, "", NO_INDEX, x.bytes, true, y.bytes, true);
    return end_words(&tally);
}

static const char *attribute_word(struct models *models, uint64_t type)
{
    const char *text = type < ONNX_ATTRIBUTE_TYPES && type > 0
                           ? onnx_attribute_types[type].word
                           : mlg_arena_format(&models->scratch, "type %llu", (unsigned long long)type);
    return text ? text : "?";
}

static int both_attributes(struct models *models, const char *prefix, const struct item *a,
                           const struct item *b)
{
    const uint64_t type = onnx_attribute_type(a->message), type_b = onnx_attribute_type(b->message);
    const char *name = name_of(models, prefix, "%s", a->key);
    if (!name)
        return failed(models);
    struct wire_field x, y;
    wire_last_of(a->message, ATTRIBUTE_REFERENCE, &x);
    wire_last_of(b->message, ATTRIBUTE_REFERENCE, &y);
    const bool is_known = type > 0 && type < ONNX_ATTRIBUTE_TYPES;
    int code =
        compare_rest(models, name, ONNX_ATTRIBUTE, !is_known && type == type_b, a->message, b->message);
    if (code)
        return code;
    if (type != type_b || wire_size(x.bytes) > 0 || wire_size(y.bytes) > 0) {
        struct tally tally;
        if (is_ignored(models->context, name))
            return 0;
        code = tally_begin(&tally, models->context, name, MLG_PART_GRAPH);
        if (code)
            return code;
        tally_word(&tally, "type", NO_INDEX, wire_of(attribute_word(models, type)), true,
                   wire_of(attribute_word(models, type_b)), true);
        tally_word(&tally, "ref_attr_name", NO_INDEX, x.bytes, true, y.bytes, true);
        code = end_words(&tally);
        if (code || type != type_b)
            return code;
    }
    if (!is_known)
        return 0;
    const struct onnx_attribute_type *row = &onnx_attribute_types[type];
    const struct onnx_rule *rule = onnx_rule_of(ONNX_ATTRIBUTE, row->field);
    if (rule->form == ONNX_MESSAGE_WITHIN)
        return compare_messages(models, name, row->field, rule->within, row->many, a->message, b->message);
    if (rule->form != ONNX_FLOAT && rule->form != ONNX_SINGLES)
        return compare_words(models, name, type, a->message, b->message);
    struct onnx_values left, right;
    onnx_find_floats(a->message, row->field, row->many, &left);
    onnx_find_floats(b->message, row->field, row->many, &right);
    return compare_values(models, name, &left, &right);
}

static int one_attribute(struct models *models, const char *prefix, const struct item *item, bool in_a)
{
    const char *name = name_of(models, prefix, "%s", item->key);
    return name ? only_one(models->context, name, in_a, MLG_PART_GRAPH,
                           attribute_word(models, onnx_attribute_type(item->message)))
                : failed(models);
}

static const struct kind attributes = {"attributes",  false,           false,
                                       attribute_key, both_attributes, one_attribute};

/* ---- nodes ---- */

/* The first output that has a name: "" stands for one that is not wanted. */
static const char *node_key(struct models *models, struct wire message)
{
    struct wire_field field;
    while (wire_next_of(&message, NODE_OUTPUTS, &field))
        if (wire_size(field.bytes) > 0) {
            const char *key =
                mlg_arena_copy(&models->scratch, (const char *)field.bytes.at, wire_size(field.bytes));
            if (!key)
                no_memory(models->context);
            return key;
        }
    return "";
}

/* "node/Gemm", where both graphs have no other of that type; else "node/Gemm:y". */
static const char *node_name(struct models *models, const char *prefix, const struct item *a,
                             const struct item *b)
{
    const bool is_single = a->is_single && b->is_single && strcmp(a->type, b->type) == 0;
    return is_single ? name_of(models, prefix, "node/%s", a->type)
                     : name_of(models, prefix, "node/%s:%s", a->type, a->key);
}

static int both_nodes(struct models *models, const char *prefix, const struct item *a, const struct item *b)
{
    const char *name = node_name(models, prefix, a, b), *within = name ? name_of(models, name, "/") : NULL;
    struct tally tally;
    int code = within ? 0 : failed(models);
    if (!code && !is_ignored(models->context, name)) {
        code = tally_begin(&tally, models->context, name, MLG_PART_GRAPH);
        if (!code)
            code = tally_fields(models, &tally, ONNX_NODE, NO_INDEX, a->message, b->message);
        if (!code)
            code = end_words(&tally);
    }
    return code ? code : compare_lists(models, &attributes, within, a->message, b->message, NODE_ATTRIBUTES);
}

static int one_node(struct models *models, const char *prefix, const struct item *item, bool in_a)
{
    const char *name = node_name(models, prefix, item, item);
    return name ? only_one(models->context, name, in_a, MLG_PART_GRAPH, "a node") : failed(models);
}

static const struct kind nodes = {"nodes with the output", true, false, node_key, both_nodes, one_node};

/* ---- graphs, functions, the model
 * ------------------------------------------------------------------------------------ */

static int compare_graph(struct models *models, const char *prefix, struct wire a, struct wire b)
{
    static const struct {
        uint32_t field;
        const struct kind *kind;
    } lists[] = {{GRAPH_TENSORS, &tensors}, {GRAPH_SPARSE, &sparse_tensors}, {GRAPH_NODES, &nodes}};
    int code = 0;
    for (size_t i = 0; !code && i < sizeof lists / sizeof *lists; i++)
        code = compare_lists(models, lists[i].kind, prefix, a, b, lists[i].field);
    const char *inputs = name_of(models, prefix, "inputs"), *outputs = name_of(models, prefix, "outputs"),
               *graph = name_of(models, prefix, "graph");
    if (!code && (!inputs || !outputs || !graph))
        code = failed(models);
    if (!code)
        code = compare_ends(models, inputs, GRAPH_INPUTS, a, b);
    if (!code)
        code = compare_ends(models, outputs, GRAPH_OUTPUTS, a, b);
    return code ? code : compare_rest(models, graph, ONNX_GRAPH, false, a, b);
}

static const char *opset_key(struct models *models, struct wire message)
{
    const char *domain = text_of(models, message, OPSET_DOMAIN);
    return domain && (!*domain || strcmp(domain, "ai.onnx") == 0) ? "ai.onnx" : domain;
}

static int tally_opset(struct models *models, const char *prefix, const struct item *a, const struct item *b)
{
    struct wire_field x = {0}, y = {0};
    const char *name = name_of(models, prefix, "opset/%s", a->key);
    struct tally tally;
    if (!name)
        return failed(models);
    if (is_ignored(models->context, name))
        return 0;
    int code = tally_begin(&tally, models->context, name, MLG_PART_GRAPH);
    wire_last_of(a->message, OPSET_VERSION, &x);
    wire_last_of(b->message, OPSET_VERSION, &y);
    if (!code) {
        tally_number_word(&tally, "version", NO_INDEX, x.value, true, y.value, true);
        code = tally_fields(models, &tally, ONNX_OPSET, NO_INDEX, a->message, b->message);
    }
    return code ? code : end_words(&tally);
}

static int one_opset(struct models *models, const char *prefix, const struct item *item, bool in_a)
{
    const char *name = name_of(models, prefix, "opset/%s", item->key);
    return name ? only_one(models->context, name, in_a, MLG_PART_GRAPH, "an opset import") : failed(models);
}

static const struct kind opsets = {"opset imports", false, true, opset_key, tally_opset, one_opset};

/* "domain.name", and where there are several of the name ":overload". */
static const char *function_key(struct models *models, struct wire message)
{
    const char *domain = text_of(models, message, FUNCTION_DOMAIN),
               *name = domain ? text_of(models, message, FUNCTION_NAME) : NULL,
               *overload = name ? text_of(models, message, FUNCTION_OVERLOAD) : NULL;
    const char *key = overload ? mlg_arena_format(&models->scratch, "%s%s%s%s%s", domain, *domain ? "." : "",
                                                  name, *overload ? ":" : "", overload)
                               : NULL;
    if (!key)
        no_memory(models->context);
    return key;
}

static int both_functions(struct models *models, const char *prefix, const struct item *a,
                          const struct item *b)
{
    const char *name = name_of(models, prefix, "function/%s", a->key),
               *within = name ? name_of(models, name, "/") : NULL;
    struct tally tally;
    if (!within)
        return failed(models);
    int code = 0;
    if (!is_ignored(models->context, name)) {
        code = tally_begin(&tally, models->context, name, MLG_PART_GRAPH);
        if (!code)
            code = tally_fields(models, &tally, ONNX_FUNCTION, NO_INDEX, a->message, b->message);
        if (!code)
            code = end_words(&tally);
    }
    if (!code)
        code = compare_lists(models, &opsets, within, a->message, b->message, FUNCTION_OPSETS);
    if (!code)
        code = compare_lists(models, &attributes, within, a->message, b->message, FUNCTION_DEFAULTS);
    return code ? code : compare_lists(models, &nodes, within, a->message, b->message, FUNCTION_NODES);
}

static int one_function(struct models *models, const char *prefix, const struct item *item, bool in_a)
{
    const char *name = name_of(models, prefix, "function/%s", item->key);
    return name ? only_one(models->context, name, in_a, MLG_PART_GRAPH, "a function") : failed(models);
}

static const struct kind functions = {"functions", false, false, function_key, both_functions, one_function};

static int compare_model(struct models *models, const char *prefix, struct wire a, struct wire b)
{
    struct tally tally;
    struct wire_field x, y;
    const char *name = name_of(models, prefix, "model");
    int code = name ? 0 : failed(models);
    if (!code && !is_ignored(models->context, name)) {
        code = tally_begin(&tally, models->context, name, MLG_PART_GRAPH);
        if (!code)
            code = tally_fields(models, &tally, ONNX_MODEL, NO_INDEX, a, b);
        if (!code)
            code = end_words(&tally);
    }
    if (!code)
        code = compare_lists(models, &opsets, prefix, a, b, MODEL_OPSETS);
    if (!code)
        code = compare_lists(models, &functions, prefix, a, b, MODEL_FUNCTIONS);
    wire_last_of(a, MODEL_GRAPH, &x);
    wire_last_of(b, MODEL_GRAPH, &y);
    return code ? code : compare_graph(models, prefix, x.bytes, y.bytes);
}

int compare_onnx(struct context *context, const char *name, struct blob *a, struct blob *b)
{
    int code = onnx_check(context, a);
    if (!code)
        code = onnx_check(context, b);
    if (code)
        return code;
    struct models models = {.context = context, .blobs = {a, b}};
    mlg_arena_init(&models.scratch, 0);
    const unsigned char *x = (const unsigned char *)a->bytes, *y = (const unsigned char *)b->bytes;
    const char *prefix = *name ? name_of(&models, name, "//") : "";
    code = prefix
               ? compare_model(&models, prefix, (struct wire){x, x + a->size}, (struct wire){y, y + b->size})
               : failed(&models);
    mlg_arena_free(&models.scratch);
    return code;
}

int note_onnx(struct context *context)
{
    static const char *const words[ONNX_LEFT_COUNT] = {
        [ONNX_LEFT_NAME] = "names of nodes and graphs", [ONNX_LEFT_DOC] = "doc_string",
        [ONNX_LEFT_PRODUCER] = "producer_name",         [ONNX_LEFT_PRODUCER_VERSION] = "producer_version",
        [ONNX_LEFT_MODEL_VERSION] = "model_version",    [ONNX_LEFT_METADATA] = "metadata_props",
        [ONNX_LEFT_VALUE_INFO] = "value_info",
    };
    const char *list = "";
    for (unsigned i = 0; list && i < ONNX_LEFT_COUNT; i++)
        if (context->onnx_left_out >> i & 1)
            list = mlg_arena_format(context->arena, "%s%s%s", list, *list ? ", " : "", words[i]);
    if (list && !*list)
        return 0;
    return note(context, list ? mlg_arena_format(context->arena,
                                                 "of an ONNX model these differ and are left out: %s", list)
                              : NULL);
}
