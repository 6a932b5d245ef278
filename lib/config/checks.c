/* checks: a list of checks as a value of a row; each is a text, or a map of a text and settings. */
#include <stdio.h>
#include <string.h>

#include "config.h"

/* ---- diagnostics inside a check -------------------------------------------------------------------- */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (unsigned char)c >= 0x80 || (c != '\0' && strchr("_.-+/:%,", c) != NULL);
}

/* What the caret underlines: a word, a comparator, or one character. */
static unsigned width_at(const char *text, size_t offset)
{
    size_t end = offset;
    if (offset >= strlen(text))
        return 1;
    while (text[end] && strchr("<>=!~", text[end]))
        end++;
    if (end == offset && text[end] != ',')
        while (is_word(text[end]))
            end++;
    while (end > offset + 1 && text[end - 1] == ',')
        end--;
    return end > offset ? (unsigned)(end - offset) : 1;
}

static size_t leading_spaces(const char *text)
{
    return strspn(text, " \t\r\n");
}

void mlg_check_diagnose(struct mlg_diagnostics *list, enum mlg_severity severity,
                        const struct mlg_check_config *config, size_t offset, const char *format, ...)
{
    char text[MLG_ERROR_SIZE];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    mlg_diagnose_within(list, severity, config->node, leading_spaces(config->node->text) + offset,
                        width_at(config->check.written, offset), "%s", text);
}

/* ---- parse ------------------------------------------------------------------------------------------- */

struct growing {
    struct mlg_checks checks;
    size_t capacity;
};

static bool no_memory(const struct mlg_node *node, struct mlg_diagnostics *list)
{
    mlg_node_diagnose(list, MLG_ERROR, node, "no memory left for checks");
    return false;
}

/* `[f1(average=macro, class=a) >= 0.7]`: YAML ends the item at the comma, so the check arrives in two. */
static bool was_cut_at_comma(const struct mlg_node *node)
{
    return node->quote && !node->quoted && node->type == MLG_NODE_SCALAR && strchr(node->text, '(') &&
           !strchr(node->text, ')') && node->quote[node->origin.place.column - 1 + node->width] == ',';
}

static bool parse_text(struct mlg_check_config *item, const struct mlg_node *node, struct mlg_arena *arena,
                       struct mlg_diagnostics *list)
{
    struct mlg_error error = {0};
    size_t offset;
    const char *hint =
        was_cut_at_comma(node) ? "; in a [list] a comma ends the item, so this check stands in quotes" : "";

    if (!mlg_check_parse(node->text, node->size, arena, &item->check, &error)) {
        item->node = node;
        return true;
    }
    offset = error.place.column ? error.place.column - 1 : 0;
    mlg_diagnose_within(list, MLG_ERROR, node, offset, width_at(node->text, offset), "%s%s", error.text,
                        hint);
    return false;
}

/* {check: TEXT, confidence: 0.99, ...}. Whatever is wrong with its settings, item->node stands for a text
 * that could be read, which the gate judges all the same. */
static bool parse_item_map(struct mlg_check_config *item, const struct mlg_node *map, struct mlg_arena *arena,
                           struct mlg_diagnostics *list)
{
    static const char *const also[] = {"check", NULL};
    static const struct mlg_param *const tables[] = {mlg_settings_params, NULL};
    const struct mlg_node *text = mlg_node_get(map, "check");
    bool good = mlg_keys_known(map, tables, also, "a check", arena, list);

    good &= mlg_rows_read(mlg_settings_params, &item->settings, item->origins, map, "a check", arena, list);
    if (text ? text->is_unsure : map->is_cut)
        return false;
    if (!text) {
        mlg_node_diagnose(list, MLG_ERROR, map,
                          "'check' is missing in a check; it is a text such as 'roc_auc >= "
                          "0.85'");
        return false;
    }
    if (text->type != MLG_NODE_SCALAR) {
        mlg_node_diagnose(list, MLG_ERROR, text->type == MLG_NODE_NULL ? map : text,
                          "unexpected %s; 'check' takes a text such as 'roc_auc >= 0.85'",
                          mlg_node_seen(text));
        return false;
    }
    return parse_text(item, text, arena, list) && good;
}

static bool add(struct growing *into, const struct mlg_node *node, struct mlg_arena *arena,
                struct mlg_diagnostics *list)
{
    struct mlg_checks *checks = &into->checks;
    struct mlg_check_config item = {.settings = mlg_settings_defaults};
    struct mlg_check_config *items;
    bool good;

    if (node->is_unsure)
        return false;
    switch (node->type) {
    case MLG_NODE_SCALAR:
        good = parse_text(&item, node, arena, list);
        break;
    case MLG_NODE_MAP:
        good = parse_item_map(&item, node, arena, list);
        break;
    default:
        mlg_node_diagnose(
            list, MLG_ERROR, node,
            "unexpected %s in 'checks'; a check is a text such as 'roc_auc >= 0.85', or a map such as "
            "{check: roc_auc >= 0.85, confidence: 0.99}",
            mlg_node_seen(node));
        return false;
    }
    if (!item.node)
        return false;
    if (checks->count == MLG_GATE_CHECKS) {
        mlg_node_diagnose(list, MLG_ERROR, node, "more than %d checks in a gate", (int)MLG_GATE_CHECKS);
        return false;
    }
    items = mlg_arena_grow(arena, checks->items, &into->capacity, checks->count + 1, sizeof *items);
    if (!items)
        return no_memory(node, list);
    checks->items = items;
    items[checks->count++] = item;
    return good;
}

bool mlg_checks_read(struct mlg_checks *checks, const struct mlg_node *node, struct mlg_arena *arena,
                     struct mlg_diagnostics *list)
{
    const struct mlg_node_entry single = {.value = node};
    const struct mlg_node_entry *entries = node->type == MLG_NODE_LIST ? node->entries : &single;
    size_t count = node->type == MLG_NODE_LIST ? node->count : 1;
    struct growing into = {0};
    bool good = true;

    for (size_t i = 0; i < count; i++) {
        const struct mlg_node *entry = entries[i].value;
        if (entry->type == MLG_NODE_SCALAR && mlg_node_is_outside(entry)) {
            const char *rest = entry->text;
            for (const struct mlg_node *piece; (piece = mlg_node_next_piece(entry, &rest, ";\n", arena));)
                good &= add(&into, piece, arena, list);
        } else {
            good &= add(&into, entry, arena, list);
        }
    }
    *checks = into.checks;
    return good;
}

static bool parse_checks(const struct mlg_param *row, void *field, const struct mlg_node *node,
                         struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    struct mlg_checks checks;
    (void)row;
    if (!mlg_checks_read(&checks, node, arena, list))
        return false;
    *(struct mlg_checks *)field = checks;
    return true;
}

/* ---- print, schema ------------------------------------------------------------------------------------- */

static void print_item(const struct mlg_check_config *item, struct mlg_builder *out)
{
    bool map = false;
    for (size_t i = 0; i < MLG_SETTINGS_COUNT; i++)
        map = map || item->origins[i].type != MLG_BUILT_IN;
    mlg_put(out, map ? "{check: " : "");
    mlg_put_yaml(out, item->check.written);
    for (size_t i = 0; i < MLG_SETTINGS_COUNT; i++) {
        const struct mlg_param *setting = &mlg_settings_params[i];
        if (item->origins[i].type == MLG_BUILT_IN || mlg_value_is_unset(setting, &item->settings))
            continue;
        mlg_put_format(out, ", %s: ", setting->name);
        mlg_param_print(setting, &item->settings, out);
    }
    mlg_put(out, map ? "}" : "");
}

static void print_checks(const struct mlg_param *row, const void *field, struct mlg_builder *out)
{
    const struct mlg_checks *checks = field;
    (void)row;
    mlg_put(out, "[");
    for (size_t i = 0; i < checks->count; i++) {
        mlg_put(out, i ? ", " : "");
        print_item(&checks->items[i], out);
    }
    mlg_put(out, "]");
}

static void schema_checks(const struct mlg_param *row, struct mlg_builder *out)
{
    (void)row;
    mlg_put(out,
            "\"anyOf\": [{\"type\": \"string\"}, {\"type\": \"array\", \"items\": {\"anyOf\": [{\"type\": "
            "\"string\"}, {\"type\": \"object\", \"required\": [\"check\"], \"additionalProperties\": false, "
            "\"properties\": {\"check\": {\"type\": \"string\"}");
    for (const struct mlg_param *setting = mlg_settings_params; setting->name; setting++) {
        mlg_put(out, ", ");
        mlg_put_json(out, setting->name);
        mlg_put(out, ": {");
        setting->kind->schema(setting, out);
        mlg_put(out, "}");
    }
    mlg_put(out, "}}]}}]");
}

const struct mlg_kind mlg_kind_checks = {.name = "checks",
                                         .size = sizeof(struct mlg_checks),
                                         .repeats = true,
                                         .takes = "a list of checks such as [roc_auc >= 0.85]",
                                         .parse = parse_checks,
                                         .print = print_checks,
                                         .schema = schema_checks};
