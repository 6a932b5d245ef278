/* slicing: which subsets of rows a gate looks at: sex | sex*race | age < 25 | sex: [Male, Female]
 *
 * A column's name is whatever stands between the operators, inner spaces included; one that holds an
 * operator or begins with a quote stands in backticks or quotes.
 */
#include <string.h>

#include "config.h"

static const char operators[] = "*<>=!";

struct reader {
    const char *text;
    size_t size, at;
    const struct mlg_node *node;
    struct mlg_arena *arena;
    struct mlg_diagnostics *list;
};

/* Where the text is not the node's own there is no place inside it to show. */
#define MISTAKE(reader, offset, width, ...)                                                                  \
    (mlg_diagnose_within((reader)->list, MLG_ERROR, (reader)->node, (offset), (unsigned)(width),             \
                         __VA_ARGS__),                                                                       \
     false)

static bool no_memory(const struct mlg_node *node, struct mlg_diagnostics *list)
{
    mlg_node_diagnose(list, MLG_ERROR, node, "no memory left for slices");
    return false;
}

static char peek(const struct reader *reader)
{
    return reader->at < reader->size ? reader->text[reader->at] : '\0';
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_spaces(struct reader *reader)
{
    while (is_space(peek(reader)))
        reader->at++;
}

/* A name or a value: in quotes, or up to the next of `stops`. */
static bool read_name(struct reader *reader, const char *stops, const char *what, const char **name)
{
    size_t start, end;
    char mark;

    skip_spaces(reader);
    start = reader->at;
    mark = peek(reader);
    if (mark == '`' || mark == '\'' || mark == '"') {
        const char *close = memchr(reader->text + start + 1, mark, reader->size - start - 1);
        if (!close)
            return MISTAKE(reader, start, 1, "the quote %c that begins here is never closed", mark);
        start++;
        end = (size_t)(close - reader->text);
        reader->at = end + 1;
        skip_spaces(reader);
        if (reader->at < reader->size && !strchr(operators, peek(reader)))
            return MISTAKE(reader, reader->at, 1, "unexpected '%c' behind a quoted %s", peek(reader), what);
    } else {
        while (reader->at < reader->size && !strchr(stops, peek(reader)))
            reader->at++;
        end = reader->at;
        while (end > start && is_space(reader->text[end - 1]))
            end--;
    }
    if (end == start)
        return MISTAKE(reader, start, 1,
                       "a %s is missing in '%s'; slices are written sex, sex*race, age < 25 or "
                       "sex = Male",
                       what, reader->text);
    *name = mlg_arena_copy(reader->arena, reader->text + start, end - start);
    return *name || no_memory(reader->node, reader->list);
}

static bool read_comparison(struct reader *reader, struct mlg_slicing *slicing, const char *comparator)
{
    size_t start;

    skip_spaces(reader);
    start = reader->at;
    if (start == reader->size)
        return MISTAKE(reader, start, 1, "a number is missing after '%s'", comparator);
    if (!mlg_decimal_parse(reader->text + start, reader->size - start, &slicing->bound))
        return MISTAKE(
            reader, start, reader->size - start,
            "'%s' is no number; a slice compares with one, as in 'age < 25', or is one value, as in "
            "'sex = Male'",
            reader->text + start);
    slicing->is_comparison = true;
    return true;
}

static bool read_value(struct reader *reader, struct mlg_slicing *slicing)
{
    const char **declared = MLG_NEW(reader->arena, const char *);
    if (!declared)
        return no_memory(reader->node, reader->list);
    if (!read_name(reader, "", "value", declared))
        return false;
    if (reader->at < reader->size)
        return MISTAKE(reader, reader->at, 1, "unexpected '%c' behind the value", peek(reader));
    slicing->declared = declared;
    slicing->declared_count = 1;
    return true;
}

/* What stands behind the columns: nothing, a comparison, or "= VALUE". */
static bool read_condition(struct reader *reader, struct mlg_slicing *slicing)
{
    static const struct {
        const char *text;
        enum mlg_comparator comparator; /* none: one value */
    } known[] = {{"<=", MLG_AT_MOST}, {">=", MLG_AT_LEAST},      {"<", MLG_BELOW},
                 {">", MLG_ABOVE},    {"==", MLG_NO_COMPARATOR}, {"=", MLG_NO_COMPARATOR}};
    size_t start = reader->at, length = 0;

    while (peek(reader) && strchr("<>=!*", peek(reader))) {
        reader->at++;
        length++;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strlen(known[i].text) != length || memcmp(reader->text + start, known[i].text, length) != 0)
            continue;
        if (slicing->column_count > 1)
            return MISTAKE(reader, start, length,
                           "a cross of columns cannot be compared; '%s' takes one column", known[i].text);
        slicing->comparator = known[i].comparator;
        return known[i].comparator ? read_comparison(reader, slicing, known[i].text)
                                   : read_value(reader, slicing);
    }
    return MISTAKE(reader, start, length, "'%.*s' is no comparator of slices; one of <, <=, >, >= and = is",
                   (int)length, reader->text + start);
}

static bool read_columns(struct reader *reader, struct mlg_slicing *slicing)
{
    for (;;) {
        size_t start;
        const char *name;

        skip_spaces(reader);
        start = reader->at;
        if (slicing->column_count == MLG_CROSS_COLUMNS)
            return MISTAKE(reader, start, 1, "a cross of more than %d columns", (int)MLG_CROSS_COLUMNS);
        if (!read_name(reader, operators, "column", &name))
            return false;
        for (size_t i = 0; i < slicing->column_count; i++)
            if (strcmp(slicing->columns[i], name) == 0)
                return MISTAKE(reader, start, strlen(name), "column '%s' is crossed with itself", name);
        slicing->columns[slicing->column_count++] = name;
        if (peek(reader) != '*')
            return reader->at == reader->size || read_condition(reader, slicing);
        reader->at++;
    }
}

bool mlg_slicing_parse(const char *text, struct mlg_slicing *slicing, const struct mlg_node *node,
                       struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    struct mlg_slicing result = {.node = node};
    struct reader reader = {.text = text, .size = strlen(text), .node = node, .arena = arena, .list = list};
    size_t start, end = reader.size;

    skip_spaces(&reader);
    start = reader.at;
    while (end > start && is_space(text[end - 1]))
        end--;
    result.written = mlg_arena_copy(arena, text + start, end - start);
    if (!result.written)
        return no_memory(node, list);
    reader.size = end;
    if (!read_columns(&reader, &result))
        return false;
    *slicing = result;
    return true;
}

/* ---- the kind ----------------------------------------------------------------------------------- */

struct growing {
    struct mlg_slicings slicings;
    size_t capacity;
    const char *key;       /* of mlgate.yaml */
    bool declares_crosses; /* groups of a cross can be declared */
};

/* Would both yield the same slice? Then its checks would be judged, and named, twice. */
static bool overlap(const struct mlg_slicing *a, const struct mlg_slicing *b)
{
    if (a->column_count != b->column_count || a->is_comparison != b->is_comparison)
        return false;
    for (size_t i = 0; i < a->column_count; i++)
        if (!mlg_text_is_among(a->columns[i], b->columns, b->column_count))
            return false;
    if (a->is_comparison)
        return a->comparator == b->comparator && !(a->bound.value < b->bound.value) &&
               !(a->bound.value > b->bound.value);
    if (a->declared_count == 0 || b->declared_count == 0 || a->column_count > 1)
        return true;
    for (size_t i = 0; i < a->declared_count; i++)
        for (size_t k = 0; k < b->declared_count; k++)
            if (strcmp(a->declared[i], b->declared[k]) == 0)
                return true;
    return false;
}

static bool add(struct growing *into, const struct mlg_slicing *slicing, struct mlg_arena *arena,
                struct mlg_diagnostics *list)
{
    struct mlg_slicings *slicings = &into->slicings;
    struct mlg_slicing *items;

    for (size_t i = 0; i < slicings->count; i++)
        if (overlap(&slicings->items[i], slicing)) {
            mlg_node_diagnose(list, MLG_ERROR, slicing->node, "'%s' gives %s that '%s' gives already",
                              slicing->written, into->declares_crosses ? "groups" : "slices",
                              slicings->items[i].written);
            return false;
        }
    if (slicings->count == MLG_GATE_SLICINGS) {
        mlg_node_diagnose(list, MLG_ERROR, slicing->node, "more than %d entries in '%s'",
                          (int)MLG_GATE_SLICINGS, into->key);
        return false;
    }
    items = mlg_arena_grow(arena, slicings->items, &into->capacity, slicings->count + 1, sizeof *items);
    if (!items)
        return no_memory(slicing->node, list);
    slicings->items = items;
    items[slicings->count++] = *slicing;
    return true;
}

/* "sex=Male, race=White", as reports name it, its columns in any order. */
static bool read_named(const struct mlg_slicing *slicing, const char *text, const char **values,
                       struct mlg_arena *arena)
{
    struct mlg_on on;
    size_t met = 0;
    if (!mlg_on_parse(text, &on, arena) || !on.has_values || on.column_count != slicing->column_count)
        return false;
    for (size_t k = 0; k < on.column_count; k++)
        for (size_t c = 0; c < slicing->column_count; c++)
            if (strcmp(on.columns[k], slicing->columns[c]) == 0) {
                values[c] = on.values[k] ? on.values[k] : "(missing)";
                met++;
            }
    return met == slicing->column_count;
}

/* A value of the column; of a cross "Male*White", or the group's name. */
static bool read_group(const struct mlg_slicing *slicing, const struct mlg_node *node, const char **values,
                       struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    struct reader reader = {
        .text = node->text, .size = node->size, .node = node, .arena = arena, .list = list};
    size_t count = 0;
    if (slicing->column_count == 1) {
        values[0] = node->text;
        return true;
    }
    if (!read_named(slicing, node->text, values, arena)) {
        for (bool more = true; more && count < slicing->column_count; count++) {
            if (!read_name(&reader, "*", "value", &values[count]))
                return false;
            more = peek(&reader) == '*';
            reader.at += more;
        }
        if (count < slicing->column_count || reader.at < reader.size) {
            mlg_node_diagnose(
                list, MLG_ERROR, node,
                "'%s' is no group of '%s'; a group of a cross is its %zu values joined by *, such "
                "as Male*White, or its name, such as \"sex=Male, race=White\"",
                node->text, slicing->written, slicing->column_count);
            return false;
        }
    }
    for (size_t c = 0; c < slicing->column_count; c++)
        if (strcmp(values[c], "(missing)") == 0) {
            mlg_node_diagnose(list, MLG_ERROR, node, "'%s' declares rows whose attribute is missing",
                              node->text);
            return false;
        }
    return true;
}

static bool same_values(const char *const *a, const char *const *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(a[i], b[i]) != 0)
            return false;
    return true;
}

/* The values behind `sex:` in a map: a text or a list of texts. */
static bool declare(struct mlg_slicing *slicing, const struct mlg_node *node, bool crosses,
                    struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    static const char *const wanted = "list the values that must have rows, as in sex: [Male, Female]";
    const struct mlg_node_entry single = {.value = node};
    const struct mlg_node_entry *entries = node->type == MLG_NODE_LIST ? node->entries : &single;
    const size_t count = node->type == MLG_NODE_LIST ? node->count : 1, columns = slicing->column_count;

    if ((columns != 1 && !crosses) || slicing->is_comparison || slicing->declared_count > 0) {
        mlg_node_diagnose(list, MLG_ERROR, slicing->node,
                          "values can be declared for one column, not for '%s'", slicing->written);
        return false;
    }
    if (count == 0) {
        mlg_node_diagnose(list, MLG_ERROR, node, "'%s' declares no values; %s", slicing->written, wanted);
        return false;
    }
    if (count > MLG_GATE_SLICINGS) {
        mlg_node_diagnose(list, MLG_ERROR, node, "'%s' declares more than %d values", slicing->written,
                          (int)MLG_GATE_SLICINGS);
        return false;
    }
    slicing->declared = MLG_NEW_ARRAY(arena, const char *, count *columns);
    if (!slicing->declared)
        return no_memory(node, list);
    for (size_t i = 0; i < count; i++) {
        const struct mlg_node *value = entries[i].value;
        const char **values = slicing->declared + i * columns;
        if (value->type != MLG_NODE_SCALAR) {
            mlg_node_diagnose(list, MLG_ERROR, value->type == MLG_NODE_NULL ? slicing->node : value,
                              "unexpected %s for '%s'; %s", mlg_node_seen(value), slicing->written, wanted);
            return false;
        }
        if (!read_group(slicing, value, values, arena, list))
            return false;
        for (size_t k = 0; k < i; k++)
            if (same_values(slicing->declared + k * columns, values, columns)) {
                mlg_node_diagnose(list, MLG_ERROR, value, "'%s' is declared twice for '%s'", value->text,
                                  slicing->written);
                return false;
            }
    }
    slicing->declared_count = count;
    return true;
}

static bool add_entry(struct growing *into, const struct mlg_node *node, struct mlg_arena *arena,
                      struct mlg_diagnostics *list)
{
    struct mlg_slicing slicing;
    bool good = true;

    switch (node->type) {
    case MLG_NODE_SCALAR:
        return mlg_slicing_parse(node->text, &slicing, node, arena, list) && add(into, &slicing, arena, list);
    case MLG_NODE_MAP:
        for (size_t i = 0; i < node->count; i++) {
            const struct mlg_node *key = node->entries[i].key;
            good &= mlg_slicing_parse(key->text, &slicing, key, arena, list) &&
                    declare(&slicing, node->entries[i].value, into->declares_crosses, arena, list) &&
                    add(into, &slicing, arena, list);
        }
        return good;
    default:
        mlg_node_diagnose(list, MLG_ERROR, node,
                          "unexpected %s in '%s'; an entry is a text such as sex*race, or a map such as sex: "
                          "[Male, Female]",
                          mlg_node_seen(node), into->key);
        return false;
    }
}

static bool parse_entries(struct growing *into, void *field, const struct mlg_node *node,
                          struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const struct mlg_node_entry single = {.value = node};
    const struct mlg_node_entry *entries = node->type == MLG_NODE_LIST ? node->entries : &single;
    size_t count = node->type == MLG_NODE_LIST ? node->count : 1;
    bool good = true;

    for (size_t i = 0; i < count; i++) {
        const struct mlg_node *entry = entries[i].value;
        if (entry->type == MLG_NODE_SCALAR && mlg_node_is_outside(entry)) {
            const char *rest = entry->text;
            for (const struct mlg_node *piece; (piece = mlg_node_next_piece(entry, &rest, ",;\n", arena));)
                good &= add_entry(into, piece, arena, list);
        } else {
            good &= add_entry(into, entry, arena, list);
        }
    }
    if (good)
        *(struct mlg_slicings *)field = into->slicings;
    return good;
}

static bool parse_slices(const struct mlg_param *row, void *field, const struct mlg_node *node,
                         struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    struct growing into = {.key = row->name};
    return parse_entries(&into, field, node, arena, list);
}

static bool parse_attributes(const struct mlg_param *row, void *field, const struct mlg_node *node,
                             struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    struct growing into = {.key = row->name, .declares_crosses = true};
    return parse_entries(&into, field, node, arena, list);
}

/* Did the value stand in the text itself, as in "sex = Male"? Else it was declared in a map. */
static bool holds_value(const char *written)
{
    const char *close = strchr("`'\"", *written) ? strchr(written + 1, *written) : NULL;
    return strchr(close ? close : written, '=') != NULL;
}

/* A group of a cross by its name, which can be read in one way only. */
static void put_declared(const struct mlg_slicing *slicing, size_t index, struct mlg_builder *out)
{
    const char *const *values = slicing->declared + index * slicing->column_count;
    struct mlg_builder name;
    if (slicing->column_count == 1) {
        mlg_put_yaml(out, values[0]);
        return;
    }
    mlg_builder_init(&name, 0);
    mlg_put_slice_name(&name, slicing->columns, values, slicing->column_count, false);
    mlg_put_yaml(out, name.data ? name.data : "");
    out->failed = out->failed || name.failed;
    mlg_builder_free(&name);
}

static void print_slicing(const struct mlg_slicing *slicing, struct mlg_builder *out)
{
    bool map = slicing->declared_count > 0 && !holds_value(slicing->written);
    mlg_put(out, map ? "{" : "");
    mlg_put_yaml(out, slicing->written);
    for (size_t i = 0; map && i < slicing->declared_count; i++) {
        mlg_put(out, i ? ", " : ": [");
        put_declared(slicing, i, out);
    }
    mlg_put(out, map ? "]}" : "");
}

static void print_slices(const struct mlg_param *row, const void *field, struct mlg_builder *out)
{
    const struct mlg_slicings *slicings = field;
    (void)row;
    mlg_put(out, "[");
    for (size_t i = 0; i < slicings->count; i++) {
        mlg_put(out, i ? ", " : "");
        print_slicing(&slicings->items[i], out);
    }
    mlg_put(out, "]");
}

static void schema_slices(const struct mlg_param *row, struct mlg_builder *out)
{
    static const char map[] =
        "{\"type\": \"object\", \"minProperties\": 1, \"additionalProperties\": {\"anyOf\": ["
        "{\"type\": [\"string\", \"number\", \"boolean\"]}, {\"type\": \"array\", \"minItems\": "
        "1, \"items\": {\"type\": [\"string\", \"number\", \"boolean\"]}}]}}";
    (void)row;
    mlg_put_format(out,
                   "\"anyOf\": [{\"type\": \"string\"}, %s, {\"type\": \"array\", \"items\": {\"anyOf\": "
                   "[{\"type\": \"string\"}, %s]}}]",
                   map, map);
}

const struct mlg_kind mlg_kind_slices = {.name = "slices",
                                         .size = sizeof(struct mlg_slicings),
                                         .repeats = true,
                                         .takes = "a list of columns, crosses and comparisons, such as [sex, "
                                                  "sex*race, age < 25]",
                                         .parse = parse_slices,
                                         .print = print_slices,
                                         .schema = schema_slices};

const struct mlg_kind mlg_kind_attributes = {.name = "attributes",
                                             .size = sizeof(struct mlg_slicings),
                                             .repeats = true,
                                             .takes =
                                                 "a list of columns and crosses, such as [sex, sex*race], "
                                                 "with or without their groups: {sex: [Female, Male]}",
                                             .parse = parse_attributes,
                                             .print = print_slices,
                                             .schema = schema_slices};
