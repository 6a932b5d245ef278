/* flags: values that come from the command line and the environment, and a suite made of nothing else. */
#include <string.h>

#include "config.h"
#include "mlgate/gate.h"

/* ---- single values --------------------------------------------------------------------------------- */

static bool is_empty(const struct mlg_node *node)
{
    return node->type == MLG_NODE_NULL || (node->type == MLG_NODE_SCALAR && node->size == 0);
}

static struct mlg_node *new_scalar(const char *text, enum mlg_origin_type type, const char *origin,
                                   struct mlg_arena *arena)
{
    struct mlg_node *node = MLG_NEW(arena, struct mlg_node);
    if (!node)
        return NULL;
    node->type = MLG_NODE_SCALAR;
    node->size = strlen(text);
    node->text = mlg_arena_copy(arena, text, node->size);
    node->origin = (struct mlg_origin){.type = type, .name = origin};
    return node->text ? node : NULL;
}

const struct mlg_node *mlg_environment_node(const struct mlg_world *world, const char *row,
                                            struct mlg_arena *arena)
{
    char *name = world && world->environment ? mlg_arena_format(arena, "MLGATE_%s", row) : NULL;
    const char *value;

    if (!name)
        return NULL;
    for (char *c = name; *c; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    value = world->environment(world->self, name);
    return value && *value ? new_scalar(value, MLG_FROM_ENVIRONMENT, name, arena) : NULL;
}

/* '-' and '_' are the same; `--check`, `--slice` and `--report` say what one of the row's values is. */
static bool names_row(const char *flag, const char *row)
{
    static const char *const plurals[] = {"checks", "slices", "reports"};
    size_t i = 0;

    while (flag[i] && (flag[i] == '-' ? '_' : flag[i]) == row[i])
        i++;
    if (flag[i])
        return false;
    for (size_t k = 0; k < sizeof plurals / sizeof *plurals; k++)
        if (strcmp(row, plurals[k]) == 0 && strcmp(row + i, "s") == 0)
            return true;
    return row[i] == '\0';
}

const struct mlg_node *mlg_flag_node(const struct mlg_param *row, const struct mlg_flag *flags,
                                     size_t flag_count, struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const struct mlg_node *first = NULL;
    struct mlg_node_entry *entries;
    struct mlg_node *node;
    size_t count = 0, given = 0;

    for (size_t i = 0; i < flag_count; i++)
        if (names_row(flags[i].name, row->name) && !is_empty(flags[i].node)) {
            first = given ? first : flags[i].node;
            given++;
            count += flags[i].node->type == MLG_NODE_LIST ? flags[i].node->count : 1;
        }
    if (given <= 1)
        return first;
    if (!row->kind->repeats) {
        mlg_node_diagnose(list, MLG_ERROR, first, "it is given %zu times and takes one value", given);
        return first;
    }
    node = MLG_NEW(arena, struct mlg_node);
    entries = MLG_NEW_ARRAY(arena, struct mlg_node_entry, count);
    if (!node || !entries)
        return first;
    *node = (struct mlg_node){.type = MLG_NODE_LIST, .entries = entries, .origin = first->origin};
    for (size_t i = 0; i < flag_count; i++) {
        const struct mlg_node *value = flags[i].node;
        if (!names_row(flags[i].name, row->name) || is_empty(value))
            continue;
        if (value->type != MLG_NODE_LIST)
            entries[node->count++] = (struct mlg_node_entry){.value = value};
        for (size_t k = 0; value->type == MLG_NODE_LIST && k < value->count; k++)
            entries[node->count++] = value->entries[k];
    }
    return node;
}

/* The version of a file's format is the file's own to say (MLGATE_VERSION often names a release), and so is
 * why its values are what they are. */
static bool may_come_from_outside(const struct mlg_param *row)
{
    return row != &mlg_suite_params[MLG_SUITE_ROW_VERSION] &&
           row != mlg_params_find(mlg_suite_params, "because");
}

void mlg_suite_read_outside(struct mlg_suite *suite, const struct mlg_world *world,
                            const struct mlg_flag *flags, size_t flag_count, struct mlg_arena *arena,
                            struct mlg_diagnostics *list)
{
    for (size_t i = 0; mlg_suite_params[i].name; i++) {
        const struct mlg_param *row = &mlg_suite_params[i];
        const struct mlg_node *environment, *flag;
        if (!may_come_from_outside(row))
            continue;
        environment = mlg_environment_node(world, row->name, arena);
        flag = mlg_flag_node(row, flags, flag_count, arena, list);
        if (environment)
            mlg_param_set(mlg_suite_params, i, suite, suite->origins, environment, arena, list);
        if (flag)
            mlg_param_set(mlg_suite_params, i, suite, suite->origins, flag, arena, list);
    }
}

/* ---- a whole suite --------------------------------------------------------------------------------- */

struct outside {
    const struct mlg_world *world;
    const struct mlg_flag *flags;
    size_t flag_count;
    struct mlg_arena *arena;
    struct mlg_diagnostics *list;
};

/* What the rows find in flags and environment, as the map that YAML would have been. */
struct collected {
    struct mlg_node *map;
    struct mlg_node_entry *entries;
};

static bool collect_begin(struct collected *into, size_t most, struct mlg_arena *arena)
{
    into->map = MLG_NEW(arena, struct mlg_node);
    into->entries = MLG_NEW_ARRAY(arena, struct mlg_node_entry, most);
    if (!into->map || !into->entries)
        return false;
    into->map->type = MLG_NODE_MAP;
    into->map->entries = into->entries;
    return true;
}

static void collect_value(struct collected *into, const char *name, const struct mlg_node *value,
                          struct mlg_arena *arena)
{
    struct mlg_node *key = value ? new_scalar(name, value->origin.type, value->origin.name, arena) : NULL;
    if (key)
        into->entries[into->map->count++] = (struct mlg_node_entry){.key = key, .value = value};
}

static const struct mlg_node *find_value(const struct outside *outside, const struct mlg_param *row)
{
    const struct mlg_node *flag =
        mlg_flag_node(row, outside->flags, outside->flag_count, outside->arena, outside->list);
    return flag ? flag : mlg_environment_node(outside->world, row->name, outside->arena);
}

static bool is_suite_row(const struct mlg_param *row)
{
    const struct mlg_param *of_suite = mlg_params_find(mlg_suite_params, row->name);
    return of_suite && may_come_from_outside(of_suite);
}

/* The path's last part without its endings: what the report calls the data. */
static const char *stem_of(const char *path, struct mlg_arena *arena)
{
    const char *slash = strrchr(path, '/');
    const char *start = slash ? slash + 1 : path;
    size_t length = strcspn(start, ".");
    const char *stem;

    if (strcmp(path, "-") == 0)
        return "stdin";
    stem = length > 0 ? mlg_arena_copy(arena, start, length) : NULL;
    return stem ? stem : "data";
}

/* `--data` is the path of the one source. */
static const struct mlg_node *find_path(const struct outside *outside)
{
    const struct mlg_node *node = find_value(outside, &mlg_gate_params[MLG_GATE_ROW_DATA]);
    return node ? node : find_value(outside, mlg_params_find(mlg_data_params, "path"));
}

/* One source at `path`, with the roles that the flags give; told into `list`. */
static bool read_source(const struct outside *outside, struct mlg_suite *suite, const struct mlg_node *path,
                        const char *what, struct mlg_diagnostics *list)
{
    struct mlg_data *data = &suite->data[suite->data_count];
    struct collected into;

    if (!collect_begin(&into, mlg_params_count(mlg_data_params), outside->arena))
        return false;
    for (const struct mlg_param *row = mlg_data_params; row->name; row++)
        collect_value(&into, row->name, strcmp(row->name, "path") == 0 ? path : find_value(outside, row),
                      outside->arena);
    data->from_flags = true;
    mlg_data_read(data, into.map, what, outside->arena, list);
    data->name = data->path ? stem_of(data->path, outside->arena) : "data";
    if (mlg_suite_data(suite, data->name))
        data->name = mlg_arena_format(outside->arena, "%s (%zu)", data->name, suite->data_count + 1);
    suite->data_count++;
    return data->name != NULL;
}

static bool names_source(const struct mlg_gate *gate, const char *row)
{
    for (const char *const *name = gate->source_params; name && *name; name++)
        if (strcmp(*name, row) == 0)
            return true;
    return false;
}

/* The value of a gate's row that names a source, whose path the flag gives: the name that it gets. */
static const struct mlg_node *read_other_source(const struct outside *outside, struct mlg_suite *suite,
                                                const struct mlg_param *row, const char *what)
{
    const struct mlg_node *path = find_value(outside, row);
    struct mlg_diagnostics told_already; /* the roles are those of --data */
    struct mlg_node *name;

    if (!path || path->type != MLG_NODE_SCALAR || suite->data_count == 0)
        return path;
    mlg_diagnostics_init(&told_already, outside->arena);
    if (!read_source(outside, suite, path, what, &told_already))
        return path;
    name = new_scalar(suite->data[suite->data_count - 1].name, path->origin.type, path->origin.name,
                      outside->arena);
    return name ? name : path;
}

static bool read_sources(const struct outside *outside, struct mlg_suite *suite, const struct mlg_gate *gate,
                         const char *what)
{
    const struct mlg_node *path = find_path(outside);
    size_t most = 1;

    for (const char *const *name = gate->source_params; name && *name; name++)
        most++;
    suite->data = MLG_NEW_ARRAY(outside->arena, struct mlg_data, most);
    if (!suite->data)
        return false;
    return !path || read_source(outside, suite, path, what, outside->list);
}

/* `sound`: the gate can judge its checks. */
static bool read_gate(const struct outside *outside, struct mlg_suite *suite, const struct mlg_gate *gate,
                      bool *sound, const char *what)
{
    static const struct mlg_node nowhere = {.type = MLG_NODE_MAP};
    struct collected into;
    const size_t most = mlg_params_count(mlg_gate_params) + mlg_params_count(gate->params);

    suite->gates = MLG_NEW(outside->arena, struct mlg_gate_config);
    if (!suite->gates || !collect_begin(&into, most, outside->arena))
        return false;
    collect_value(&into, "gate", new_scalar(gate->name, MLG_BUILT_IN, NULL, outside->arena), outside->arena);
    for (size_t i = 0; mlg_gate_params[i].name; i++) {
        const struct mlg_param *row = &mlg_gate_params[i];
        if (i != MLG_GATE_ROW_GATE && i != MLG_GATE_ROW_DATA && !is_suite_row(row))
            collect_value(&into, row->name, find_value(outside, row), outside->arena);
    }
    for (const struct mlg_param *row = gate->params; row && row->name; row++)
        collect_value(&into, row->name,
                      names_source(gate, row->name) ? read_other_source(outside, suite, row, what)
                                                    : find_value(outside, row),
                      outside->arena);
    if (suite->data_count > 0) /* the gate judges --data, whatever other sources there are */
        collect_value(&into, "data", new_scalar(suite->data[0].name, MLG_BUILT_IN, NULL, outside->arena),
                      outside->arena);
    suite->gate_count = 1;
    *sound = mlg_gate_config_read(suite->gates, gate, into.map, suite, what, outside->arena, outside->list);
    if (suite->data_count == 0 && mlg_gate_needs_data(suite->gates))
        mlg_node_diagnose(outside->list, MLG_ERROR, &nowhere, "no data are given; add --data PATH");
    if (suite->gates->checks.count == 0 && !mlg_node_get(into.map, "checks") &&
        !mlg_gate_may_have_checks(suite->gates))
        mlg_node_diagnose(outside->list, MLG_ERROR, into.map,
                          "no check is given; add for example --check '%s'", mlg_gate_example(gate));
    else if (suite->gates->checks.count == 0 && outside->list->errors == 0)
        mlg_node_diagnose(outside->list, MLG_ERROR, mlg_node_get(into.map, "checks"),
                          "no check is given; one is for example '%s'", mlg_gate_example(gate));
    return true;
}

/* A flag that no row reads would be forgotten in silence. */
static void refuse_unknown(const struct outside *outside, const struct mlg_gate *gate)
{
    const struct mlg_param *const tables[] = {mlg_data_params, mlg_gate_params, mlg_suite_params,
                                              gate->params};
    for (size_t i = 0; i < outside->flag_count; i++) {
        bool known = false;
        for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
            for (const struct mlg_param *row = tables[t]; row && row->name; row++)
                known = known || (names_row(outside->flags[i].name, row->name) && may_come_from_outside(row));
        if (!known)
            mlg_node_diagnose(outside->list, MLG_ERROR, outside->flags[i].node,
                              "'%s' is no option of mlgate-%s", outside->flags[i].name, gate->name);
    }
}

struct mlg_suite *mlg_suite_from_flags(const struct mlg_gate *gate, const struct mlg_world *world,
                                       const struct mlg_flag *flags, size_t flag_count,
                                       struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const struct outside outside = {world, flags, flag_count, arena, list};
    struct mlg_suite *suite = mlg_suite_new(arena);
    const char *what = mlg_arena_format(arena, "mlgate-%s", gate->name);
    bool sound = false;

    if (suite && what) {
        refuse_unknown(&outside, gate);
        mlg_suite_read_outside(suite, world, flags, flag_count, arena, list);
    }
    if (!suite || !what || !read_sources(&outside, suite, gate, what) ||
        !read_gate(&outside, suite, gate, &sound, what)) {
        mlg_diagnose(list, MLG_ERROR, (struct mlg_place){0}, 0, NULL, "no memory left for the options");
        return NULL;
    }
    if (sound && gate->check)
        gate->check(suite->gates, suite, arena, list);
    mlg_diagnostics_settle(list);
    return list->errors == 0 ? suite : NULL;
}
