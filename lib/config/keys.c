/* keys: which keys a map may have, and where a misplaced one belongs. */
#include <string.h>

#include "config.h"
#include "mlgate/gate.h"

static const struct mlg_param *find(const struct mlg_param *rows, const char *name)
{
    for (; rows && rows->name; rows++)
        if (strcmp(rows->name, name) == 0)
            return rows;
    return NULL;
}

static bool is_known(const char *name, const struct mlg_param *const *tables, const char *const *also)
{
    bool known = mlg_text_is_listed(name, also);
    for (; *tables && !known; tables++)
        known = find(*tables, name) != NULL;
    return known;
}

/* Where a key that stands in the wrong map belongs; NULL: nowhere. */
static const char *home_of(const char *name)
{
    static const char *const suite_keys[] = {"gates", "waivers", NULL};
    if (find(mlg_suite_params, name) || mlg_text_is_listed(name, suite_keys))
        return "at the top level";
    if (find(mlg_data_params, name))
        return "under data.NAME";
    if (find(mlg_gate_params, name))
        return "in an entry of 'gates'";
    if (find(mlg_waiver_params, name))
        return "in an entry of 'waivers'";
    return NULL;
}

/* See mlg_gate_key_is_lost; `origin` is that of the key's row. */
static bool is_lost(const struct mlg_node *map, const struct mlg_param *const *tables, const char *name,
                    const struct mlg_origin *origin)
{
    if (origin->type != MLG_BUILT_IN)
        return false;
    if (map->is_cut || map->is_unsure || mlg_node_get(map, name))
        return true;
    for (size_t i = 0; i < map->count; i++) {
        const char *written = map->entries[i].key->text;
        if (!is_known(written, tables, NULL) && mlg_nearest(written, &name, 1))
            return true;
    }
    return false;
}

bool mlg_gate_key_is_lost(const struct mlg_gate_config *config, const char *key)
{
    const struct mlg_param *const tables[] = {mlg_gate_params, config->gate ? config->gate->params : NULL,
                                              NULL};
    const struct mlg_param *common = find(mlg_gate_params, key), *own = find(tables[1], key);
    if (!common && !own)
        return true; /* a gate of an unknown kind may have any */
    return is_lost(config->node, tables, key,
                   common ? &config->origins[common - mlg_gate_params]
                          : &config->option_origins[own - tables[1]]);
}

/* "check" and "checks" */
static bool is_plural(const char *one, const char *many)
{
    const size_t size = strlen(one);
    return strncmp(one, many, size) == 0 && strcmp(many + size, "s") == 0;
}

static void tell_unknown(const struct mlg_node *key, const struct mlg_param *const *tables,
                         const char *const *also, const char *what, struct mlg_arena *arena,
                         struct mlg_diagnostics *list)
{
    enum { MOST = 128 };
    const char *names[MOST];
    size_t count = 0;
    const char *home, *near;

    if (list->count >= MLG_DIAGNOSTICS_LIMIT) { /* it will only be counted */
        mlg_node_diagnose(list, MLG_ERROR, key, "unknown key");
        return;
    }
    for (; *tables; tables++)
        for (const struct mlg_param *row = *tables; row->name && count < MOST; row++)
            names[count++] = row->name;
    for (; also && *also && count < MOST; also++)
        names[count++] = *also;
    home = home_of(key->text);
    near = mlg_nearest(key->text, names, count);
    if (near && (is_plural(key->text, near) || is_plural(near, key->text)))
        home = NULL; /* meant here, whatever has that very name elsewhere */
    if (home)
        mlg_node_diagnose(list, MLG_ERROR, key, "'%s' does not belong in %s; it stands %s", key->text, what,
                          home);
    else if (near)
        mlg_node_diagnose(list, MLG_ERROR, key, "unknown key '%s' in %s; did you mean '%s'?", key->text, what,
                          near);
    else
        mlg_node_diagnose(list, MLG_ERROR, key, "unknown key '%s' in %s; known are %s", key->text, what,
                          mlg_join(names, count, arena));
}

bool mlg_keys_known(const struct mlg_node *map, const struct mlg_param *const *tables,
                    const char *const *also, const char *what, struct mlg_arena *arena,
                    struct mlg_diagnostics *list)
{
    bool good = true;
    for (size_t i = 0; i < map->count; i++)
        if (!is_known(map->entries[i].key->text, tables, also)) {
            tell_unknown(map->entries[i].key, tables, also, what, arena, list);
            good = false;
        }
    return good;
}

bool mlg_rows_read(const struct mlg_param *rows, void *object, struct mlg_origin *origins,
                   const struct mlg_node *map, const char *what, struct mlg_arena *arena,
                   struct mlg_diagnostics *list)
{
    struct mlg_node known = *map;
    struct mlg_node_entry *entries = MLG_NEW_ARRAY(arena, struct mlg_node_entry, mlg_params_count(rows) + 1);

    if (!entries) {
        mlg_node_diagnose(list, MLG_ERROR, map, "no memory left for %s", what);
        return false;
    }
    known.count = 0;
    known.entries = entries;
    for (size_t i = 0; i < map->count; i++) {
        /* Of a key that stands twice, as is told, the first counts. */
        if (!find(rows, map->entries[i].key->text) || mlg_node_get(&known, map->entries[i].key->text))
            continue;
        entries[known.count++] = map->entries[i];
        if (map->entries[i].value->type == MLG_NODE_MAP && map->entries[i].value->count > MLG_MAP_ENTRIES) {
            mlg_node_diagnose(list, MLG_ERROR, map->entries[i].value, "more than %d entries in '%s'",
                              (int)MLG_MAP_ENTRIES, map->entries[i].key->text);
            return false;
        }
    }
    return mlg_params_read(rows, object, origins, &known, NULL, what, arena, list);
}
