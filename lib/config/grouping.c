/* grouping: which groups a gate compares: bins of a column of numbers, and groups that are left out. */
#include <math.h>
#include <string.h>

#include "config.h"

/* ---- bins --------------------------------------------------------------------------------------- */

static const char bins_wanted[] =
    "give rising cut points, as in bins: {age: [25, 45, 65]} or --bins age=25,45,65";

static bool read_cut(const struct mlg_node *node, double *cut)
{
    double value;
    if (node->type != MLG_NODE_SCALAR || !mlg_number_parse(node->text, node->size, &value) ||
        !isfinite(value))
        return false;
    *cut = value;
    return true;
}

/* What the groups are called; no name is a number or a comparison. */
static bool name_bins(struct mlg_bin *bin, struct mlg_arena *arena)
{
    bin->names = MLG_NEW_ARRAY(arena, const char *, bin->count + 1);
    for (size_t i = 0; bin->names && i <= bin->count; i++) {
        char from[MLG_NUMBER_SIZE], to[MLG_NUMBER_SIZE];
        if (i > 0)
            mlg_number_print(bin->cuts[i - 1], from);
        if (i < bin->count)
            mlg_number_print(bin->cuts[i], to);
        bin->names[i] = i == 0            ? mlg_arena_format(arena, "under %s", to)
                        : i == bin->count ? mlg_arena_format(arena, "%s and over", from)
                                          : mlg_arena_format(arena, "%s to under %s", from, to);
        if (!bin->names[i])
            return false;
    }
    return bin->names != NULL;
}

static bool read_bin(struct mlg_bin *bin, const struct mlg_node_entry *entry, struct mlg_arena *arena,
                     struct mlg_diagnostics *list)
{
    const struct mlg_node *node = entry->value;
    const struct mlg_node_entry single = {.value = node};
    const struct mlg_node_entry *cuts = node->type == MLG_NODE_LIST ? node->entries : &single;
    const size_t count = node->type == MLG_NODE_LIST ? node->count : 1;
    bin->column = entry->key->text;
    bin->cuts = MLG_NEW_ARRAY(arena, double, count + 1);
    if (!bin->cuts)
        return false;
    if (count == 0 || count > MLG_GATE_SLICINGS) {
        mlg_node_diagnose(list, MLG_ERROR, entry->key, "'%s' has %s cut points; %s", bin->column,
                          count ? "too many" : "no", bins_wanted);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct mlg_node *cut = cuts[i].value;
        if (!read_cut(cut, &bin->cuts[i])) {
            mlg_node_diagnose(list, MLG_ERROR, cut->type == MLG_NODE_NULL ? entry->key : cut,
                              "unexpected %s as a cut point of '%s'; %s", mlg_node_seen(cut), bin->column,
                              bins_wanted);
            return false;
        }
        if (i > 0 && bin->cuts[i] <= bin->cuts[i - 1]) {
            mlg_node_diagnose(list, MLG_ERROR, cut, "the cut points of '%s' do not rise at '%s'; %s",
                              bin->column, cut->text, bins_wanted);
            return false;
        }
    }
    bin->count = count;
    return name_bins(bin, arena);
}

/* From a flag or the environment: age=25,45,65. */
static const struct mlg_node *split_cuts(const struct mlg_node *node, struct mlg_arena *arena)
{
    struct mlg_node *map = MLG_NEW(arena, struct mlg_node), *key = MLG_NEW(arena, struct mlg_node);
    struct mlg_node *cuts = MLG_NEW(arena, struct mlg_node);
    struct mlg_node_entry *pair = MLG_NEW(arena, struct mlg_node_entry);
    const char *equals = strchr(node->text, '=');
    struct mlg_node_entry *entries = MLG_NEW_ARRAY(arena, struct mlg_node_entry, node->size + 1);
    if (!equals || !map || !key || !cuts || !pair || !entries)
        return node;
    const char *rest = equals + 1;
    size_t count = 0;
    for (const struct mlg_node *piece; (piece = mlg_node_next_piece(node, &rest, ",;", arena));)
        entries[count++].value = piece;
    *key = *node;
    key->size = (size_t)(equals - node->text);
    key->text = mlg_arena_copy(arena, node->text, key->size);
    *cuts =
        (struct mlg_node){.type = MLG_NODE_LIST, .entries = entries, .count = count, .origin = node->origin};
    *pair = (struct mlg_node_entry){key, cuts};
    *map = (struct mlg_node){.type = MLG_NODE_MAP, .entries = pair, .count = 1, .origin = node->origin};
    return key->text ? map : node;
}

static bool parse_bins(const struct mlg_param *row, void *field, const struct mlg_node *node,
                       struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const struct mlg_node_entry single = {.value = node};
    const struct mlg_node_entry *parts = node->type == MLG_NODE_LIST ? node->entries : &single;
    const size_t part_count = node->type == MLG_NODE_LIST ? node->count : 1;
    struct mlg_bins bins = {0};
    size_t capacity = 0;
    (void)row;
    for (size_t p = 0; p < part_count; p++) {
        const struct mlg_node *map = parts[p].value;
        if (map->type == MLG_NODE_SCALAR && mlg_node_is_outside(map))
            map = split_cuts(map, arena);
        if (map->type != MLG_NODE_MAP) {
            mlg_node_diagnose(list, MLG_ERROR, map, "unexpected %s for 'bins'; %s", mlg_node_seen(map),
                              bins_wanted);
            return false;
        }
        for (size_t i = 0; i < map->count; i++) {
            struct mlg_bin *items =
                mlg_arena_grow(arena, bins.items, &capacity, bins.count + 1, sizeof *items);
            if (!items)
                return false;
            bins.items = items;
            if (!read_bin(&items[bins.count], &map->entries[i], arena, list))
                return false;
            bins.count++;
        }
    }
    *(struct mlg_bins *)field = bins;
    return true;
}

static void print_bins(const struct mlg_param *row, const void *field, struct mlg_builder *out)
{
    const struct mlg_bins *bins = field;
    (void)row;
    mlg_put(out, "{");
    for (size_t i = 0; i < bins->count; i++) {
        mlg_put(out, i ? ", " : "");
        mlg_put_yaml(out, bins->items[i].column);
        for (size_t k = 0; k < bins->items[i].count; k++) {
            mlg_put(out, k ? ", " : ": [");
            mlg_put_number(out, bins->items[i].cuts[k]);
        }
        mlg_put(out, "]");
    }
    mlg_put(out, "}");
}

static void schema_bins(const struct mlg_param *row, struct mlg_builder *out)
{
    (void)row;
    mlg_put(out,
            "\"type\": \"object\", \"minProperties\": 1, \"additionalProperties\": {\"anyOf\": [{\"type\": "
            "\"number\"}, {\"type\": \"array\", \"minItems\": 1, \"items\": {\"type\": \"number\"}}]}");
}

const struct mlg_kind mlg_kind_bins = {.name = "bins",
                                       .size = sizeof(struct mlg_bins),
                                       .repeats = true,
                                       .takes = "columns with rising cut points, such as {age: [25, 45, 65]}",
                                       .parse = parse_bins,
                                       .print = print_bins,
                                       .schema = schema_bins};

/* ---- groups that are left out -------------------------------------------------------------------- */

struct exclusion_fields {
    struct mlg_map group;
    const char *reason;
};

static const struct mlg_param exclusion_rows[] = {
    {.name = "group",
     MLG_FIELD(struct exclusion_fields, group, map),
     .required = true,
     .argument = "COLUMN=VALUE",
     .help = "the values that a group has, such as {race: Other}"},
    {.name = "reason",
     MLG_FIELD(struct exclusion_fields, reason, text),
     .required = true,
     .argument = "TEXT",
     .help = "why it is left out"},
    {0}};

static bool parse_exclusions(const struct mlg_param *row, void *field, const struct mlg_node *node,
                             struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const struct mlg_node_entry single = {.value = node};
    const struct mlg_node_entry *entries = node->type == MLG_NODE_LIST ? node->entries : &single;
    const size_t count = node->type == MLG_NODE_LIST ? node->count : 1;
    struct mlg_exclusions exclusions = {.items = MLG_NEW_ARRAY(arena, struct mlg_exclusion, count + 1)};
    bool good = exclusions.items != NULL;
    (void)row;
    for (size_t i = 0; exclusions.items && i < count; i++) {
        const struct mlg_node *map = entries[i].value;
        struct exclusion_fields fields = {0};
        struct mlg_origin origins[2] = {{0}};
        if (map->type != MLG_NODE_MAP) {
            mlg_node_diagnose(
                list, MLG_ERROR, map,
                "unexpected %s in 'exclude'; an entry names a group and why it is left out, as in "
                "{group: {race: Other}, reason: TEXT}",
                mlg_node_seen(map));
            good = false;
            continue;
        }
        good = mlg_params_read(exclusion_rows, &fields, origins, map, NULL, "'exclude'", arena, list) && good;
        if (fields.reason && mlg_text_is_blank(fields.reason)) {
            mlg_node_diagnose(
                list, MLG_ERROR, mlg_node_get(map, "reason"),
                "'reason' of an entry of 'exclude' says nothing; it tells why the group is left "
                "out");
            good = false;
        }
        exclusions.items[exclusions.count++] = (struct mlg_exclusion){fields.group, fields.reason, map};
    }
    if (good)
        *(struct mlg_exclusions *)field = exclusions;
    return good;
}

static void print_exclusions(const struct mlg_param *row, const void *field, struct mlg_builder *out)
{
    const struct mlg_exclusions *exclusions = field;
    (void)row;
    mlg_put(out, "[");
    for (size_t i = 0; i < exclusions->count; i++) {
        const struct exclusion_fields fields = {exclusions->items[i].group, exclusions->items[i].reason};
        mlg_put(out, i ? ", {group: " : "{group: ");
        mlg_param_print(&exclusion_rows[0], &fields, out);
        mlg_put(out, ", reason: ");
        mlg_param_print(&exclusion_rows[1], &fields, out);
        mlg_put(out, "}");
    }
    mlg_put(out, "]");
}

static void schema_exclusions(const struct mlg_param *row, struct mlg_builder *out)
{
    (void)row;
    mlg_put(
        out,
        "\"type\": \"array\", \"items\": {\"type\": \"object\", \"required\": [\"group\", \"reason\"], "
        "\"additionalProperties\": false, \"properties\": {\"group\": {\"type\": \"object\", "
        "\"minProperties\": 1, \"additionalProperties\": {\"type\": [\"string\", \"number\", \"boolean\"]}}, "
        "\"reason\": {\"type\": \"string\"}}}");
}

const struct mlg_kind mlg_kind_exclusions = {
    .name = "exclusions",
    .size = sizeof(struct mlg_exclusions),
    .takes = "groups with reasons, such as [{group: {race: Other}, reason: TEXT}]",
    .parse = parse_exclusions,
    .print = print_exclusions,
    .schema = schema_exclusions};
