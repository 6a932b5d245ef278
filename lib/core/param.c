/* param.c: the plain kinds of parameters, and reading maps by rows. */
#include "mlgate/param.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlgate/number.h"

/* ---- sentences ----------------------------------------------------------------------------------- */

enum { SENTENCE = 512 };

static void append(char *out, size_t *end, const char *text)
{
    size_t size = strlen(text), room = SENTENCE - 1 - *end;
    size = size < room ? size : room;
    memcpy(out + *end, text, size);
    out[ *end += size] = '\0';
}

static bool has_range(const struct mlg_param *row)
{
    return (row->minimum < 0) || (row->minimum > 0) || (row->maximum < 0) || (row->maximum > 0);
}

static bool has_minimum(const struct mlg_param *row)
{
    return has_range(row) && row->minimum > -DBL_MAX;
}

static bool has_maximum(const struct mlg_param *row)
{
    return has_range(row) && row->maximum < DBL_MAX;
}

/* "'confidence' takes a share such as 0.05 or 5%, above 0.5 and below 1" */
static const char *takes(const struct mlg_param *row, char out[SENTENCE])
{
    size_t end = 0;
    char number[MLG_NUMBER_SIZE];
    append(out, &end, "'");
    append(out, &end, row->name);
    append(out, &end, "' takes ");
    append(out, &end, row->takes ? row->takes : row->kind->takes);
    if (row->choices) {
        for (size_t i = 0; row->choices[i]; i++) {
            append(out, &end, i == 0 ? " " : row->choices[i + 1] ? ", " : " or ");
            append(out, &end, row->choices[i]);
        }
        return out;
    }
    if (has_minimum(row)) {
        append(out, &end, row->minimum_open ? ", above " : ", at least ");
        mlg_number_print(row->minimum, number);
        append(out, &end, number);
    }
    if (has_maximum(row)) {
        append(out, &end, has_minimum(row) ? " and " : ", ");
        append(out, &end, row->maximum_open ? "below " : "at most ");
        mlg_number_print(row->maximum, number);
        append(out, &end, number);
    }
    return out;
}

static bool refuse_type(const struct mlg_param *row, const struct mlg_node *node,
                        struct mlg_diagnostics *list)
{
    char sentence[SENTENCE];
    mlg_node_diagnose(list, MLG_ERROR, node, "unexpected %s; %s", mlg_node_type_name(node->type),
                      takes(row, sentence));
    return false;
}

static bool refuse_text(const struct mlg_param *row, const struct mlg_node *node, const char *what,
                        struct mlg_diagnostics *list)
{
    char sentence[SENTENCE];
    mlg_node_diagnose(list, MLG_ERROR, node, "'%s' %s; %s", node->text, what, takes(row, sentence));
    return false;
}

static bool no_memory(const struct mlg_node *node, struct mlg_diagnostics *list)
{
    mlg_node_diagnose(list, MLG_ERROR, node, "no memory left for this value");
    return false;
}

static bool from_outside(const struct mlg_node *node)
{
    return node->origin.type == MLG_FROM_ENVIRONMENT || node->origin.type == MLG_FROM_FLAG;
}

/* ---- text ---------------------------------------------------------------------------------------- */

static bool parse_text(const struct mlg_param *row, void *field, const struct mlg_node *node,
                       struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const char **text = field;
    if (node->type == MLG_NODE_NULL) {
        *text = NULL;
        return true;
    }
    if (node->type != MLG_NODE_SCALAR)
        return refuse_type(row, node, list);
    const char *copy = mlg_arena_copy(arena, node->text, node->size);
    if (!copy)
        return no_memory(node, list);
    *text = copy;
    return true;
}

static void print_text(const struct mlg_param *row, const void *field, struct mlg_builder *out)
{
    (void)row;
    const char *const *text = field;
    if (*text)
        mlg_put_yaml(out, *text);
    else
        mlg_put(out, "null");
}

/* YAML's 1 and true are fine where a text is wanted: `positive: 1`. */
static const char text_schema[] = "\"type\": [\"string\", \"number\", \"boolean\"]";

static void schema_text(const struct mlg_param *row, struct mlg_builder *out)
{
    (void)row;
    mlg_put(out, text_schema);
}

const struct mlg_kind mlg_kind_text = {.name = "text",
                                       .size = sizeof(const char *),
                                       .takes = "a text",
                                       .parse = parse_text,
                                       .print = print_text,
                                       .schema = schema_text};

/* ---- boolean ------------------------------------------------------------------------------------- */

static bool is_one_of(const char *text, const char *a, const char *b, const char *c)
{
    return strcmp(text, a) == 0 || strcmp(text, b) == 0 || strcmp(text, c) == 0;
}

static bool parse_boolean(const struct mlg_param *row, void *field, const struct mlg_node *node,
                          struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    (void)arena;
    if (node->type != MLG_NODE_SCALAR)
        return refuse_type(row, node, list);
    bool yes = is_one_of(node->text, "true", "True", "TRUE");
    if (!yes && !is_one_of(node->text, "false", "False", "FALSE"))
        return refuse_text(row, node, "is neither true nor false", list);
    if (node->quoted)
        return refuse_text(row, node, "in quotes is a text", list);
    *(bool *)field = yes;
    return true;
}

static void print_boolean(const struct mlg_param *row, const void *field, struct mlg_builder *out)
{
    (void)row;
    mlg_put(out, *(const bool *)field ? "true" : "false");
}

static void schema_boolean(const struct mlg_param *row, struct mlg_builder *out)
{
    (void)row;
    mlg_put(out, "\"type\": \"boolean\"");
}

const struct mlg_kind mlg_kind_boolean = {.name = "boolean",
                                          .size = sizeof(bool),
                                          .takes = "true or false",
                                          .parse = parse_boolean,
                                          .print = print_boolean,
                                          .schema = schema_boolean};

/* ---- integer, number, share ---------------------------------------------------------------------- */

static bool within_range(const struct mlg_param *row, double value)
{
    if (!has_range(row))
        return true;
    bool low = row->minimum_open ? value > row->minimum : value >= row->minimum;
    bool high = row->maximum_open ? value < row->maximum : value <= row->maximum;
    return low && high;
}

/* Exactly: as a double, 9007199254740993 would be the number below it. */
static bool integer_within_range(const struct mlg_param *row, int64_t value)
{
    static const double beyond = 9223372036854775808.0; /* 2^63 */
    if (!has_range(row))
        return true;
    bool low = row->minimum < -beyond ||
               (row->minimum < beyond &&
                (value > (int64_t)row->minimum || (value == (int64_t)row->minimum && !row->minimum_open)));
    bool high = row->maximum >= beyond ||
                (row->maximum >= -beyond &&
                 (value < (int64_t)row->maximum || (value == (int64_t)row->maximum && !row->maximum_open)));
    return low && high;
}

static void schema_range(const struct mlg_param *row, struct mlg_builder *out)
{
    if (has_minimum(row)) {
        mlg_put(out, row->minimum_open ? ", \"exclusiveMinimum\": " : ", \"minimum\": ");
        mlg_put_number(out, row->minimum);
    }
    if (has_maximum(row)) {
        mlg_put(out, row->maximum_open ? ", \"exclusiveMaximum\": " : ", \"maximum\": ");
        mlg_put_number(out, row->maximum);
    }
}

static bool parse_integer(const struct mlg_param *row, void *field, const struct mlg_node *node,
                          struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    (void)arena;
    if (node->type != MLG_NODE_SCALAR)
        return refuse_type(row, node, list);
    const char *c = node->text;
    bool negative = *c == '-';
    if (*c == '-' || *c == '+')
        c++;
    int64_t value = 0;
    bool digits = *c != '\0', fits = true;
    for (; *c; c++) {
        if (*c < '0' || *c > '9') {
            digits = false;
            break;
        }
        int64_t digit = negative ? '0' - *c : *c - '0';
        fits = fits && !__builtin_mul_overflow(value, 10, &value) &&
               !__builtin_add_overflow(value, digit, &value);
    }
    if (!digits) {
        double number;
        bool is_number = mlg_number_parse(node->text, node->size, &number);
        return refuse_text(row, node,
                           is_number ? "is not written as a whole number" : "is not a whole number", list);
    }
    if (node->quoted)
        return refuse_text(row, node, "in quotes is a text", list);
    if (!fits)
        return refuse_text(row, node, "is too large", list);
    if (!integer_within_range(row, value))
        return refuse_text(row, node, "is out of range", list);
    *(int64_t *)field = value;
    return true;
}

static void print_integer(const struct mlg_param *row, const void *field, struct mlg_builder *out)
{
    (void)row;
    mlg_put_format(out, "%lld", (long long)*(const int64_t *)field);
}

static void schema_integer(const struct mlg_param *row, struct mlg_builder *out)
{
    mlg_put(out, "\"type\": \"integer\"");
    schema_range(row, out);
}

const struct mlg_kind mlg_kind_integer = {.name = "integer",
                                          .size = sizeof(int64_t),
                                          .takes = "a whole number",
                                          .parse = parse_integer,
                                          .print = print_integer,
                                          .schema = schema_integer};

static bool parse_double(const struct mlg_param *row, void *field, const struct mlg_node *node,
                         struct mlg_diagnostics *list, bool share)
{
    if (node->type == MLG_NODE_NULL) { /* the print of "not given" */
        *(double *)field = (double)NAN;
        return true;
    }
    if (node->type != MLG_NODE_SCALAR)
        return refuse_type(row, node, list);
    struct mlg_decimal decimal;
    bool percent = node->size > 0 && node->text[node->size - 1] == '%';
    if (!mlg_decimal_parse(node->text, node->size, &decimal)) {
        double number;
        bool is_number = mlg_number_parse(node->text, node->size, &number);
        return refuse_text(row, node, is_number ? "is not finite" : "is not a number", list);
    }
    if (percent && !share)
        return refuse_text(row, node, "is a percentage", list);
    if (node->quoted && !percent) /* "5%" in quotes can mean nothing else */
        return refuse_text(row, node, "in quotes is a text", list);
    if (!within_range(row, decimal.value))
        return refuse_text(row, node, "is out of range", list);
    *(double *)field = decimal.value;
    return true;
}

static bool parse_number(const struct mlg_param *row, void *field, const struct mlg_node *node,
                         struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    (void)arena;
    return parse_double(row, field, node, list, false);
}

static bool parse_share(const struct mlg_param *row, void *field, const struct mlg_node *node,
                        struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    (void)arena;
    return parse_double(row, field, node, list, true);
}

static void print_number(const struct mlg_param *row, const void *field, struct mlg_builder *out)
{
    (void)row;
    double value = *(const double *)field;
    if (isnan(value))
        mlg_put(out, "null");
    else
        mlg_put_number(out, value);
}

static void schema_number(const struct mlg_param *row, struct mlg_builder *out)
{
    mlg_put(out, "\"type\": \"number\"");
    schema_range(row, out);
}

static void schema_share(const struct mlg_param *row, struct mlg_builder *out)
{
    mlg_put(out, "\"anyOf\": [{\"type\": \"number\"");
    schema_range(row, out);
    mlg_put(out, "}, {\"type\": \"string\", \"pattern\": \"^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)"
                 "([eE][+-]?[0-9]+)?%$\"}]");
}

const struct mlg_kind mlg_kind_number = {.name = "number",
                                         .size = sizeof(double),
                                         .takes = "a number such as 0.5",
                                         .parse = parse_number,
                                         .print = print_number,
                                         .schema = schema_number};
const struct mlg_kind mlg_kind_share = {.name = "share",
                                        .size = sizeof(double),
                                        .takes = "a share such as 0.95 or 95%",
                                        .parse = parse_share,
                                        .print = print_number,
                                        .schema = schema_share};

/* ---- choice -------------------------------------------------------------------------------------- */

static bool parse_choice(const struct mlg_param *row, void *field, const struct mlg_node *node,
                         struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    (void)arena;
    if (node->type != MLG_NODE_SCALAR)
        return refuse_type(row, node, list);
    size_t count = 0;
    for (; row->choices[count]; count++)
        if (strcmp(row->choices[count], node->text) == 0) {
            *(int *)field = (int)count;
            return true;
        }
    const char *near = mlg_nearest(node->text, row->choices, count);
    char sentence[SENTENCE];
    mlg_node_diagnose(list, MLG_ERROR, node, "unknown value '%s'; %s%s%s%s", node->text, takes(row, sentence),
                      near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return false;
}

static void print_choice(const struct mlg_param *row, const void *field, struct mlg_builder *out)
{
    mlg_put_yaml(out, row->choices[*(const int *)field]);
}

static void schema_choice(const struct mlg_param *row, struct mlg_builder *out)
{
    mlg_put(out, "\"enum\": [");
    for (size_t i = 0; row->choices[i]; i++) {
        mlg_put(out, i ? ", " : "");
        mlg_put_json(out, row->choices[i]);
    }
    mlg_put(out, "]");
}

const struct mlg_kind mlg_kind_choice = {.name = "choice",
                                         .size = sizeof(int),
                                         .takes = "one of",
                                         .parse = parse_choice,
                                         .print = print_choice,
                                         .schema = schema_choice};

/* ---- texts --------------------------------------------------------------------------------------- */

/* Flags and the environment write a list as "a,b", or with one value per line. A comma between double
 * quotes belongs to the value, quotes and all: the name of a slice holds some. */
static bool next_piece(const struct mlg_param *row, const char **rest, const char **piece, size_t *size)
{
    const char *c = *rest;
    const char separator = row->keeps_commas ? '\n' : ',';
    while (*c == ' ' || *c == separator || *c == '\n' || *c == '\r' || *c == '\t')
        c++;
    const char *end = c;
    for (bool quoted = false; *end && (quoted || *end != separator) && *end != '\n'; end++)
        quoted = quoted != (*end == '"');
    *rest = end;
    while (end > c && (end[-1] == ' ' || end[-1] == '\r' || end[-1] == '\t'))
        end--;
    *piece = c;
    *size = (size_t)(end - c);
    return end > c;
}

struct list_of_texts {
    struct mlg_texts texts;
    size_t items_capacity, nodes_capacity;
};

static bool add_text(struct list_of_texts *into, const char *text, size_t size, const struct mlg_node *node,
                     struct mlg_arena *arena)
{
    struct mlg_texts *texts = &into->texts;
    const char **items =
        mlg_arena_grow(arena, texts->items, &into->items_capacity, texts->count + 1, sizeof *items);
    const struct mlg_node **nodes =
        mlg_arena_grow(arena, texts->nodes, &into->nodes_capacity, texts->count + 1, sizeof *nodes);
    const char *copy = mlg_arena_copy(arena, text, size);
    if (!items || !nodes || !copy)
        return false;
    texts->items = items;
    texts->nodes = nodes;
    items[texts->count] = copy;
    nodes[texts->count++] = node;
    return true;
}

static bool add_texts(const struct mlg_param *row, struct list_of_texts *into, const struct mlg_node *node,
                      struct mlg_arena *arena)
{
    if (!from_outside(node) || (row->keeps_commas && node->origin.type == MLG_FROM_FLAG))
        return add_text(into, node->text, node->size, node, arena);
    const char *rest = node->text, *piece;
    size_t size;
    while (next_piece(row, &rest, &piece, &size))
        if (!add_text(into, piece, size, node, arena))
            return false;
    return true;
}

static bool parse_texts(const struct mlg_param *row, void *field, const struct mlg_node *node,
                        struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    struct list_of_texts into = {0};
    if (node->type == MLG_NODE_SCALAR) {
        if (!add_texts(row, &into, node, arena))
            return no_memory(node, list);
    } else if (node->type == MLG_NODE_LIST) {
        bool good = true;
        for (size_t i = 0; i < node->count; i++) {
            const struct mlg_node *item = node->entries[i].value;
            if (item->type != MLG_NODE_SCALAR)
                good = refuse_type(row, item, list);
            else if (!add_texts(row, &into, item, arena))
                return no_memory(item, list);
        }
        if (!good)
            return false;
    } else {
        return refuse_type(row, node, list);
    }
    *(struct mlg_texts *)field = into.texts;
    return true;
}

static void print_texts(const struct mlg_param *row, const void *field, struct mlg_builder *out)
{
    (void)row;
    const struct mlg_texts *texts = field;
    mlg_put(out, "[");
    for (size_t i = 0; i < texts->count; i++) {
        mlg_put(out, i ? ", " : "");
        mlg_put_yaml(out, texts->items[i]);
    }
    mlg_put(out, "]");
}

static void schema_texts(const struct mlg_param *row, struct mlg_builder *out)
{
    (void)row;
    mlg_put_format(out, "\"anyOf\": [{%s}, {\"type\": \"array\", \"items\": {%s}}]", text_schema,
                   text_schema);
}

const struct mlg_kind mlg_kind_texts = {.name = "texts",
                                        .size = sizeof(struct mlg_texts),
                                        .repeats = true,
                                        .takes = "a list of texts, or one text",
                                        .parse = parse_texts,
                                        .print = print_texts,
                                        .schema = schema_texts};

/* ---- map, column_or_map -------------------------------------------------------------------------- */

struct growing_map {
    struct mlg_map map;
    size_t keys_capacity, values_capacity;
};

static bool add_pair(const struct mlg_param *row, struct growing_map *into, const char *key, size_t key_size,
                     const char *value, size_t value_size, const struct mlg_node *node,
                     struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    struct mlg_map *map = &into->map;
    const char **keys = mlg_arena_grow(arena, map->keys, &into->keys_capacity, map->count + 1, sizeof *keys);
    const char **values =
        mlg_arena_grow(arena, map->values, &into->values_capacity, map->count + 1, sizeof *values);
    const char *key_copy = mlg_arena_copy(arena, key, key_size);
    const char *value_copy = mlg_arena_copy(arena, value, value_size);
    if (!keys || !values || !key_copy || !value_copy)
        return no_memory(node, list);
    map->keys = keys;
    map->values = values;
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(keys[i], key_copy) == 0) {
            mlg_node_diagnose(list, MLG_ERROR, node, "'%s' is given twice in '%s'; give one", key_copy,
                              row->name);
            return false;
        }
    keys[map->count] = key_copy;
    values[map->count++] = value_copy;
    return true;
}

/* "a=b" of a flag; in the environment several, separated by commas or lines. */
static bool add_written_pairs(const struct mlg_param *row, struct growing_map *into,
                              const struct mlg_node *node, struct mlg_arena *arena,
                              struct mlg_diagnostics *list)
{
    bool good = true;
    const char *rest = node->text, *piece = node->text;
    size_t size = node->size;
    bool several = node->origin.type == MLG_FROM_ENVIRONMENT;
    while (several ? next_piece(row, &rest, &piece, &size) : piece != NULL) {
        const char *equals = memchr(piece, '=', size);
        if (!equals || equals == piece || (equals + 1 == piece + size && !row->takes_empty)) {
            char sentence[SENTENCE];
            mlg_node_diagnose(list, MLG_ERROR, node, "'%.*s' is no pair; %s, written as key=value", (int)size,
                              piece, takes(row, sentence));
            good = false;
        } else {
            size_t key_size = (size_t)(equals - piece);
            good &= add_pair(row, into, piece, key_size, equals + 1, size - key_size - 1, node, arena, list);
        }
        if (!several)
            break;
    }
    return good;
}

static bool read_map(const struct mlg_param *row, struct growing_map *into, const struct mlg_node *node,
                     struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    bool good = true;
    if (node->type == MLG_NODE_MAP) {
        for (size_t i = 0; i < node->count; i++) {
            const struct mlg_node *key = node->entries[i].key, *value = node->entries[i].value;
            const bool is_empty = value->type == MLG_NODE_SCALAR && value->size == 0;
            if (value->type == MLG_NODE_NULL || (is_empty && !row->takes_empty)) {
                mlg_node_diagnose(list, MLG_ERROR, key, "'%s' has no value; %s", key->text,
                                  row->takes_empty ? "a text is expected, \"\" for an empty one"
                                                   : "a text is expected");
                good = false;
            } else if (value->type != MLG_NODE_SCALAR) {
                good = refuse_type(row, value, list);
            } else {
                good &= add_pair(row, into, key->text, key->size, value->text, value->size, key, arena, list);
            }
        }
    } else if (node->type == MLG_NODE_SCALAR && from_outside(node)) {
        good = add_written_pairs(row, into, node, arena, list);
    } else if (node->type == MLG_NODE_LIST && from_outside(node)) {
        for (size_t i = 0; i < node->count; i++)
            good &= read_map(row, into, node->entries[i].value, arena, list);
    } else {
        good = refuse_type(row, node, list);
    }
    return good;
}

static void print_pairs(const struct mlg_map *map, struct mlg_builder *out)
{
    mlg_put(out, "{");
    for (size_t i = 0; i < map->count; i++) {
        mlg_put(out, i ? ", " : "");
        mlg_put_yaml(out, map->keys[i]);
        mlg_put(out, ": ");
        mlg_put_yaml(out, map->values[i]);
    }
    mlg_put(out, "}");
}

static bool parse_map(const struct mlg_param *row, void *field, const struct mlg_node *node,
                      struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    struct growing_map into = {0};
    if (!read_map(row, &into, node, arena, list))
        return false;
    *(struct mlg_map *)field = into.map;
    return true;
}

static void print_map(const struct mlg_param *row, const void *field, struct mlg_builder *out)
{
    (void)row;
    print_pairs(field, out);
}

static void schema_map(const struct mlg_param *row, struct mlg_builder *out)
{
    (void)row;
    mlg_put_format(out, "\"type\": \"object\", \"additionalProperties\": {%s}", text_schema);
}

const struct mlg_kind mlg_kind_map = {.name = "map",
                                      .size = sizeof(struct mlg_map),
                                      .repeats = true,
                                      .takes = "a map of texts",
                                      .parse = parse_map,
                                      .print = print_map,
                                      .schema = schema_map};

static bool parse_column_or_map(const struct mlg_param *row, void *field, const struct mlg_node *node,
                                struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    struct mlg_column_or_map value = {0};
    const struct mlg_node *single = node;
    if (node->type == MLG_NODE_LIST && node->count == 1 && from_outside(node))
        single = node->entries[0].value;
    bool column = single->type == MLG_NODE_SCALAR && !(from_outside(single) && strchr(single->text, '='));
    if (node->type == MLG_NODE_NULL) { /* the print of "not given" */
        *(struct mlg_column_or_map *)field = value;
        return true;
    }
    if (column) {
        value.column = mlg_arena_copy(arena, single->text, single->size);
        if (!value.column)
            return no_memory(node, list);
    } else {
        struct growing_map into = {0};
        if (!read_map(row, &into, node, arena, list))
            return false;
        value.map = into.map;
        if (value.map.count == 0)
            return refuse_type(row, node, list);
    }
    *(struct mlg_column_or_map *)field = value;
    return true;
}

static void print_column_or_map(const struct mlg_param *row, const void *field, struct mlg_builder *out)
{
    const struct mlg_column_or_map *value = field;
    if (value->map.count)
        print_pairs(&value->map, out);
    else
        print_text(row, &value->column, out);
}

static void schema_column_or_map(const struct mlg_param *row, struct mlg_builder *out)
{
    (void)row;
    mlg_put_format(out,
                   "\"anyOf\": [{%s}, {\"type\": \"object\", \"minProperties\": 1, "
                   "\"additionalProperties\": {%s}}]",
                   text_schema, text_schema);
}

const struct mlg_kind mlg_kind_column_or_map = {
    .name = "column or map",
    .size = sizeof(struct mlg_column_or_map),
    .repeats = true,
    .takes = "a column's name, or a map of class to column such as {a: p_a, b: p_b}",
    .parse = parse_column_or_map,
    .print = print_column_or_map,
    .schema = schema_column_or_map};

/* ---- rows ---------------------------------------------------------------------------------------- */

size_t mlg_params_count(const struct mlg_param *rows)
{
    size_t count = 0;
    while (rows && rows[count].name)
        count++;
    return count;
}

const struct mlg_param *mlg_params_find(const struct mlg_param *rows, const char *name)
{
    for (; rows && rows->name; rows++) {
        size_t i = 0;
        while (name[i] && (name[i] == '-' ? '_' : name[i]) == rows->name[i])
            i++;
        if (name[i] == '\0' && rows->name[i] == '\0')
            return rows;
    }
    return NULL;
}

bool mlg_param_set(const struct mlg_param *rows, size_t index, void *object, struct mlg_origin *origins,
                   const struct mlg_node *node, struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const struct mlg_param *row = &rows[index];
    if (node->is_unsure || node->is_cut)
        return false;
    bool empty = node->type == MLG_NODE_NULL || (node->type == MLG_NODE_SCALAR && node->size == 0);
    if (empty && from_outside(node))
        return true; /* a pipeline's input that nobody filled in */
    if (empty) {
        char sentence[SENTENCE];
        mlg_node_diagnose(list, MLG_ERROR, node, "'%s' has no value; %s", row->name, takes(row, sentence));
        return false;
    }
    /* Into a copy, so that a mistake leaves the field alone, and so that a value which a stronger origin
     * overrules is still judged. */
    void *value = mlg_arena_alloc(arena, 1, row->kind->size);
    if (!value)
        return no_memory(node, list);
    if (!row->kind->parse(row, value, node, arena, list))
        return false;
    if (origins && origins[index].type > node->origin.type)
        return true;
    memcpy((char *)object + row->offset, value, row->kind->size);
    if (origins)
        origins[index] = node->origin;
    return true;
}

void mlg_param_print(const struct mlg_param *row, const void *object, struct mlg_builder *out)
{
    row->kind->print(row, (const char *)object + row->offset, out);
}

static void tell_unknown(const struct mlg_param *rows, const struct mlg_node *key, const char *const *also,
                         const char *what, struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    size_t count = mlg_params_count(rows), others = 0;
    while (also && also[others])
        others++;
    const char **names = MLG_NEW_ARRAY(arena, const char *, count + others);
    if (!names) {
        no_memory(key, list);
        return;
    }
    for (size_t i = 0; i < count; i++)
        names[i] = rows[i].name;
    for (size_t i = 0; i < others; i++)
        names[count + i] = also[i];
    count += others;
    const char *near = mlg_nearest(key->text, names, count);
    if (near) {
        mlg_node_diagnose(list, MLG_ERROR, key, "unknown key '%s' in %s; did you mean '%s'?", key->text, what,
                          near);
        return;
    }
    char known[SENTENCE];
    size_t end = 0;
    known[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        append(known, &end, i ? ", " : "");
        append(known, &end, names[i]);
    }
    mlg_node_diagnose(list, MLG_ERROR, key, "unknown key '%s' in %s; known are %s", key->text, what, known);
}

bool mlg_params_read(const struct mlg_param *rows, void *object, struct mlg_origin *origins,
                     const struct mlg_node *map, const char *const *also, const char *what,
                     struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    if (map->type != MLG_NODE_MAP) {
        mlg_node_diagnose(list, MLG_ERROR, map, "unexpected %s; %s takes a map of keys and values",
                          mlg_node_type_name(map->type), what);
        return false;
    }
    bool good = true;
    for (size_t i = 0; i < map->count; i++) {
        const struct mlg_node *key = map->entries[i].key, *value = map->entries[i].value;
        if (mlg_text_is_listed(key->text, also))
            continue;
        const struct mlg_param *row = mlg_params_find(rows, key->text);
        if (!row || strcmp(row->name, key->text) != 0) {
            tell_unknown(rows, key, also, what, arena, list);
            good = false;
            continue;
        }
        /* A missing value has no place of its own worth showing: the key has. */
        struct mlg_node nothing = *key;
        if (!value->is_unsure &&
            (value->type == MLG_NODE_NULL || (value->type == MLG_NODE_SCALAR && value->size == 0))) {
            nothing.type = MLG_NODE_NULL;
            value = &nothing;
        }
        good &= mlg_param_set(rows, (size_t)(row - rows), object, origins, value, arena, list);
    }
    for (size_t i = 0; rows[i].name; i++) {
        bool given = (origins && origins[i].type != MLG_BUILT_IN) || mlg_node_get(map, rows[i].name);
        if (rows[i].required && !given && !map->is_cut) {
            char sentence[SENTENCE];
            mlg_node_diagnose(list, MLG_ERROR, map, "'%s' is missing in %s; %s", rows[i].name, what,
                              takes(&rows[i], sentence));
            good = false;
        }
    }
    return good;
}
