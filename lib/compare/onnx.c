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

/* ---- parts and their names ------------------------------------------------------------------------- */

const char *onnx_name_of(struct onnx_models *models, const char *prefix, const char *format, ...)
{
    enum { MOST = 4 * ONNX_NAME_BYTES + 64 }; /* a function has a domain, a name and an overload */
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

/* A text of the scratch memory; "" where the field is not there. NULL: told. */
static const char *text_of(struct onnx_models *models, struct wire message, uint32_t number)
{
    struct wire_field field;
    wire_last_of(message, number, &field);
    const char *text = mlg_arena_copy(&models->scratch, (const char *)field.bytes.at, wire_size(field.bytes));
    if (!text)
        no_memory(models->context);
    return text;
}

/* Inputs or outputs: their order says which is which. */
static int compare_ends(struct onnx_models *models, const char *name, uint32_t number, struct wire a,
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
            onnx_tally_word(&tally, "", index, name_a.bytes, has_a, name_b.bytes, has_b);
            continue;
        }
        code = onnx_tally_fields(models, &tally, ONNX_VALUE, index, left, right);
        wire_last_of(left, VALUE_TYPE, &type_a);
        wire_last_of(right, VALUE_TYPE, &type_b);
        if (!code)
            code = onnx_tally_type(models, &tally, "type", index, type_a.bytes, true, type_b.bytes, true);
    }
    if (code || tally.part.distance.elements == 0)
        return code;
    return onnx_end_words(&tally);
}

/* ---- lists whose items have a name of their own ---------------------------------------------------- */

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
    const char *(*key)(struct onnx_models *models, struct wire message);
    int (*both)(struct onnx_models *models, const char *prefix, const struct item *a, const struct item *b);
    int (*one)(struct onnx_models *models, const char *prefix, const struct item *item, bool in_a);
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

static int find_items(struct onnx_models *models, const struct kind *kind, struct wire message,
                      uint32_t number, int side, struct list *list)
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
            return failed(models->context);
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

static int compare_lists(struct onnx_models *models, const struct kind *kind, const char *prefix,
                         struct wire a, struct wire b, uint32_t number)
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

static int compare_graph(struct onnx_models *models, const char *prefix, struct wire a, struct wire b);

/* ---- initialisers ---- */

static const char *tensor_key(struct onnx_models *models, struct wire message)
{
    return text_of(models, message, TENSOR_NAME);
}

static int both_tensors(struct onnx_models *models, const char *prefix, const struct item *a,
                        const struct item *b)
{
    const char *name = onnx_name_of(models, prefix, "%s", a->key);
    return name ? onnx_compare_tensor(models, name, a->message, b->message) : failed(models->context);
}

static int one_tensor(struct onnx_models *models, const char *prefix, const struct item *item, bool in_a)
{
    const char *name = onnx_name_of(models, prefix, "%s", item->key);
    return name ? onnx_only_tensor(models, name, in_a, item->message) : failed(models->context);
}

static const struct kind tensors = {"initialisers", false, false, tensor_key, both_tensors, one_tensor};

static const char *sparse_key(struct onnx_models *models, struct wire message)
{
    struct wire_field values;
    wire_last_of(message, SPARSE_VALUES, &values);
    return text_of(models, values.bytes, TENSOR_NAME);
}

static int both_sparse(struct onnx_models *models, const char *prefix, const struct item *a,
                       const struct item *b)
{
    const char *name = onnx_name_of(models, prefix, "%s", a->key);
    return name ? onnx_compare_sparse(models, name, a->message, b->message) : failed(models->context);
}

static int one_sparse(struct onnx_models *models, const char *prefix, const struct item *item, bool in_a)
{
    const char *name = onnx_name_of(models, prefix, "%s", item->key);
    return name ? only_one(models->context, name, in_a, MLG_PART_TENSOR, "sparse") : failed(models->context);
}

static const struct kind sparse_tensors = {"initialisers", false, false, sparse_key, both_sparse, one_sparse};

/* ---- attributes ---- */

static const char *attribute_key(struct onnx_models *models, struct wire message)
{
    return text_of(models, message, ATTRIBUTE_NAME);
}

/* Attributes of several tensors, graphs or types: one by one. */
static int compare_messages(struct onnx_models *models, const char *name, uint32_t field,
                            enum onnx_message message, bool many, struct wire a, struct wire b)
{
    struct wire_field x = {0}, y = {0};
    int code = 0;
    for (unsigned long long index = 0; !code; index++) {
        const bool has_a = wire_next_of(&a, field, &x), has_b = wire_next_of(&b, field, &y);
        if (!has_a && !has_b)
            break;
        const char *part = many ? onnx_name_of(models, name, "[%llu]", index) : name;
        if (!part)
            return failed(models->context);
        if (has_a != has_b) {
            code = only_one(models->context, part, has_a, MLG_PART_GRAPH, onnx_rules[message].word);
        } else if (message == ONNX_TENSOR) {
            code = onnx_compare_tensor(models, part, x.bytes, y.bytes);
        } else if (message == ONNX_SPARSE) {
            code = onnx_compare_sparse(models, part, x.bytes, y.bytes);
        } else if (message == ONNX_GRAPH) {
            const char *prefix = onnx_name_of(models, part, "/");
            code = prefix ? compare_graph(models, prefix, x.bytes, y.bytes) : failed(models->context);
        } else if (!is_ignored(models->context, part)) {
            struct tally tally;
            code = tally_begin(&tally, models->context, part, MLG_PART_GRAPH);
            if (!code)
                code = onnx_tally_type(models, &tally, "", ONNX_NO_INDEX, x.bytes, true, y.bytes, true);
            if (!code)
                code = onnx_end_words(&tally);
        }
    }
    return code;
}

/* Whole numbers of attributes are axes, features, classes, sizes: the same or not, and no distance. */
static int compare_words(struct onnx_models *models, const char *name, uint64_t type, struct wire a,
                         struct wire b)
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
        (form == ONNX_NUMBERS ? onnx_tally_numbers : onnx_tally_texts)(&tally, "", row->field, a, b);
        return onnx_end_words(&tally);
    }
    wire_last_of(a, row->field, &x);
    wire_last_of(b, row->field, &y);
    if (form == ONNX_NUMBER)
        onnx_tally_number(&tally, "", ONNX_NO_INDEX, x.value, true, y.value, true);
    else
        onnx_tally_word(&tally, "", ONNX_NO_INDEX, x.bytes, true, y.bytes, true);
    return onnx_end_words(&tally);
}

static const char *attribute_word(struct onnx_models *models, uint64_t type)
{
    const char *text = type < ONNX_ATTRIBUTE_TYPES && type > 0
                           ? onnx_attribute_types[type].word
                           : mlg_arena_format(&models->scratch, "type %llu", (unsigned long long)type);
    return text ? text : "?";
}

static int both_attributes(struct onnx_models *models, const char *prefix, const struct item *a,
                           const struct item *b)
{
    const uint64_t type = onnx_attribute_type(a->message), type_b = onnx_attribute_type(b->message);
    const char *name = onnx_name_of(models, prefix, "%s", a->key);
    if (!name)
        return failed(models->context);
    struct wire_field x, y;
    wire_last_of(a->message, ATTRIBUTE_REFERENCE, &x);
    wire_last_of(b->message, ATTRIBUTE_REFERENCE, &y);
    const bool is_known = type > 0 && type < ONNX_ATTRIBUTE_TYPES;
    int code =
        onnx_compare_rest(models, name, ONNX_ATTRIBUTE, !is_known && type == type_b, a->message, b->message);
    if (code)
        return code;
    if (type != type_b || wire_size(x.bytes) > 0 || wire_size(y.bytes) > 0) {
        struct tally tally;
        if (is_ignored(models->context, name))
            return 0;
        code = tally_begin(&tally, models->context, name, MLG_PART_GRAPH);
        if (code)
            return code;
        onnx_tally_word(&tally, "type", ONNX_NO_INDEX, onnx_wire_of(attribute_word(models, type)), true,
                        onnx_wire_of(attribute_word(models, type_b)), true);
        onnx_tally_word(&tally, "ref_attr_name", ONNX_NO_INDEX, x.bytes, true, y.bytes, true);
        code = onnx_end_words(&tally);
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
    return onnx_compare_values(models, name, &left, &right);
}

static int one_attribute(struct onnx_models *models, const char *prefix, const struct item *item, bool in_a)
{
    const char *name = onnx_name_of(models, prefix, "%s", item->key);
    return name ? only_one(models->context, name, in_a, MLG_PART_GRAPH,
                           attribute_word(models, onnx_attribute_type(item->message)))
                : failed(models->context);
}

static const struct kind attributes = {"attributes",  false,           false,
                                       attribute_key, both_attributes, one_attribute};

/* ---- nodes ---- */

/* The first output that has a name: "" stands for one that is not wanted. */
static const char *node_key(struct onnx_models *models, struct wire message)
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
static const char *node_name(struct onnx_models *models, const char *prefix, const struct item *a,
                             const struct item *b)
{
    const bool is_single = a->is_single && b->is_single && strcmp(a->type, b->type) == 0;
    return is_single ? onnx_name_of(models, prefix, "node/%s", a->type)
                     : onnx_name_of(models, prefix, "node/%s:%s", a->type, a->key);
}

static int both_nodes(struct onnx_models *models, const char *prefix, const struct item *a,
                      const struct item *b)
{
    const char *name = node_name(models, prefix, a, b),
               *within = name ? onnx_name_of(models, name, "/") : NULL;
    struct tally tally;
    int code = within ? 0 : failed(models->context);
    if (!code && !is_ignored(models->context, name)) {
        code = tally_begin(&tally, models->context, name, MLG_PART_GRAPH);
        if (!code)
            code = onnx_tally_fields(models, &tally, ONNX_NODE, ONNX_NO_INDEX, a->message, b->message);
        if (!code)
            code = onnx_end_words(&tally);
    }
    return code ? code : compare_lists(models, &attributes, within, a->message, b->message, NODE_ATTRIBUTES);
}

static int one_node(struct onnx_models *models, const char *prefix, const struct item *item, bool in_a)
{
    const char *name = node_name(models, prefix, item, item);
    return name ? only_one(models->context, name, in_a, MLG_PART_GRAPH, "a node") : failed(models->context);
}

static const struct kind nodes = {"nodes with the output", true, false, node_key, both_nodes, one_node};

/* ---- graphs, functions, the model ------------------------------------------------------------------ */

static int compare_graph(struct onnx_models *models, const char *prefix, struct wire a, struct wire b)
{
    static const struct {
        uint32_t field;
        const struct kind *kind;
    } lists[] = {{GRAPH_TENSORS, &tensors}, {GRAPH_SPARSE, &sparse_tensors}, {GRAPH_NODES, &nodes}};
    int code = 0;
    for (size_t i = 0; !code && i < sizeof lists / sizeof *lists; i++)
        code = compare_lists(models, lists[i].kind, prefix, a, b, lists[i].field);
    const char *inputs = onnx_name_of(models, prefix, "inputs"),
               *outputs = onnx_name_of(models, prefix, "outputs"),
               *graph = onnx_name_of(models, prefix, "graph");
    if (!code && (!inputs || !outputs || !graph))
        code = failed(models->context);
    if (!code)
        code = compare_ends(models, inputs, GRAPH_INPUTS, a, b);
    if (!code)
        code = compare_ends(models, outputs, GRAPH_OUTPUTS, a, b);
    return code ? code : onnx_compare_rest(models, graph, ONNX_GRAPH, false, a, b);
}

static const char *opset_key(struct onnx_models *models, struct wire message)
{
    const char *domain = text_of(models, message, OPSET_DOMAIN);
    return domain && (!*domain || strcmp(domain, "ai.onnx") == 0) ? "ai.onnx" : domain;
}

static int tally_opset(struct onnx_models *models, const char *prefix, const struct item *a,
                       const struct item *b)
{
    struct wire_field x = {0}, y = {0};
    const char *name = onnx_name_of(models, prefix, "opset/%s", a->key);
    struct tally tally;
    if (!name)
        return failed(models->context);
    if (is_ignored(models->context, name))
        return 0;
    int code = tally_begin(&tally, models->context, name, MLG_PART_GRAPH);
    wire_last_of(a->message, OPSET_VERSION, &x);
    wire_last_of(b->message, OPSET_VERSION, &y);
    if (!code) {
        onnx_tally_number(&tally, "version", ONNX_NO_INDEX, x.value, true, y.value, true);
        code = onnx_tally_fields(models, &tally, ONNX_OPSET, ONNX_NO_INDEX, a->message, b->message);
    }
    return code ? code : onnx_end_words(&tally);
}

static int one_opset(struct onnx_models *models, const char *prefix, const struct item *item, bool in_a)
{
    const char *name = onnx_name_of(models, prefix, "opset/%s", item->key);
    return name ? only_one(models->context, name, in_a, MLG_PART_GRAPH, "an opset import")
                : failed(models->context);
}

static const struct kind opsets = {"opset imports", false, true, opset_key, tally_opset, one_opset};

/* "domain.name", and where there are several of the name ":overload". */
static const char *function_key(struct onnx_models *models, struct wire message)
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

static int both_functions(struct onnx_models *models, const char *prefix, const struct item *a,
                          const struct item *b)
{
    const char *name = onnx_name_of(models, prefix, "function/%s", a->key),
               *within = name ? onnx_name_of(models, name, "/") : NULL;
    struct tally tally;
    if (!within)
        return failed(models->context);
    int code = 0;
    if (!is_ignored(models->context, name)) {
        code = tally_begin(&tally, models->context, name, MLG_PART_GRAPH);
        if (!code)
            code = onnx_tally_fields(models, &tally, ONNX_FUNCTION, ONNX_NO_INDEX, a->message, b->message);
        if (!code)
            code = onnx_end_words(&tally);
    }
    if (!code)
        code = compare_lists(models, &opsets, within, a->message, b->message, FUNCTION_OPSETS);
    if (!code)
        code = compare_lists(models, &attributes, within, a->message, b->message, FUNCTION_DEFAULTS);
    return code ? code : compare_lists(models, &nodes, within, a->message, b->message, FUNCTION_NODES);
}

static int one_function(struct onnx_models *models, const char *prefix, const struct item *item, bool in_a)
{
    const char *name = onnx_name_of(models, prefix, "function/%s", item->key);
    return name ? only_one(models->context, name, in_a, MLG_PART_GRAPH, "a function")
                : failed(models->context);
}

static const struct kind functions = {"functions", false, false, function_key, both_functions, one_function};

static int compare_model(struct onnx_models *models, const char *prefix, struct wire a, struct wire b)
{
    struct tally tally;
    struct wire_field x, y;
    const char *name = onnx_name_of(models, prefix, "model");
    int code = name ? 0 : failed(models->context);
    if (!code && !is_ignored(models->context, name)) {
        code = tally_begin(&tally, models->context, name, MLG_PART_GRAPH);
        if (!code)
            code = onnx_tally_fields(models, &tally, ONNX_MODEL, ONNX_NO_INDEX, a, b);
        if (!code)
            code = onnx_end_words(&tally);
    }
    if (!code)
        code = compare_lists(models, &opsets, prefix, a, b, MODEL_OPSETS);
    if (!code)
        code = compare_lists(models, &functions, prefix, a, b, MODEL_FUNCTIONS);
    wire_last_of(a, MODEL_GRAPH, &x);
    wire_last_of(b, MODEL_GRAPH, &y);
    return code ? code : compare_graph(models, prefix, x.bytes, y.bytes);
}

static int compare_models(struct onnx_models *models, const char *name, struct blob *a, struct blob *b)
{
    const unsigned char *x = (const unsigned char *)a->bytes, *y = (const unsigned char *)b->bytes;
    mlg_arena_init(&models->scratch, 0);
    const char *prefix = *name ? onnx_name_of(models, name, "//") : "";
    const int code =
        prefix ? compare_model(models, prefix, (struct wire){x, x + a->size}, (struct wire){y, y + b->size})
               : failed(models->context);
    mlg_arena_free(&models->scratch);
    return code;
}

int compare_onnx(struct context *context, const char *name, struct blob *a, struct blob *b)
{
    struct onnx_models models = {.context = context, .blobs = {a, b}};
    onnx_data_begin(&models.data[0], context, a);
    onnx_data_begin(&models.data[1], context, b);
    int code = onnx_check(context, a, &models.data[0]);
    if (!code)
        code = onnx_check(context, b, &models.data[1]);
    if (!code)
        code = compare_models(&models, name, a, b);
    for (int side = 0; side < 2; side++) {
        if (!code)
            code = onnx_data_tell(&models.data[side]);
        onnx_data_end(&models.data[side]);
    }
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
