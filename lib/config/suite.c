/* suite: nodes to a suite, with every mistake of the file told in one go.
 *
 * Each part is read as far as it can be, whatever is wrong with the others; what would only repeat or
 * guess is left out: that something is missing is not told where it may be lost in a mistake that is told
 * already (mlg_gate_key_is_lost), or behind the point where the reading ended (mlg_yaml_salvage).
 */
#include <string.h>

#include "config.h"
#include "mlgate/gate.h"

struct loader {
    struct mlg_suite *suite;
    const struct mlg_world *world;
    const struct mlg_gate *const *gates;
    struct mlg_arena *arena;
    struct mlg_diagnostics *list;
};

static bool no_memory(const struct loader *loader)
{
    mlg_diagnose(loader->list, MLG_ERROR,
                 (struct mlg_place){.file = loader->suite ? loader->suite->path : NULL}, 0, NULL,
                 "no memory left for the suite");
    return false;
}

/* The file as a whole: what is missing in it has no line. */
static struct mlg_node whole_of(const struct mlg_node *root)
{
    struct mlg_node whole = *root;
    whole.origin.place = (struct mlg_place){.file = root->origin.place.file};
    whole.quote = NULL;
    whole.width = 0;
    return whole;
}

/* A key whose value is missing is shown itself: nothing has no place worth showing. */
static const struct mlg_node *shown(const struct mlg_node *map, const char *key)
{
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->entries[i].key->text, key) == 0)
            return map->entries[i].value->type == MLG_NODE_NULL ? map->entries[i].key : map->entries[i].value;
    return map;
}

const char *mlg_suite_resolve_path(const char *suite_path, const char *path, struct mlg_arena *arena)
{
    const char *slash = suite_path ? strrchr(suite_path, '/') : NULL;
    if (!slash || path[0] == '/' || strcmp(path, "-") == 0)
        return path;
    return mlg_arena_format(arena, "%.*s%s", (int)(slash - suite_path + 1), suite_path, path);
}

const char *mlg_gate_file(const struct mlg_suite *suite, const struct mlg_gate_config *config,
                          const char *option, struct mlg_arena *arena)
{
    const struct mlg_param *row = mlg_params_find(config->gate->params, option);
    const char *path = row ? *(const char *const *)((const char *)config->options + row->offset) : NULL;
    if (!path || config->option_origins[row - config->gate->params].type != MLG_FROM_CONFIG)
        return path;
    return mlg_suite_resolve_path(suite->path, path, arena);
}

struct mlg_suite *mlg_suite_new(struct mlg_arena *arena)
{
    struct mlg_suite *suite = MLG_NEW(arena, struct mlg_suite);
    struct mlg_origin *origins = MLG_NEW_ARRAY(arena, struct mlg_origin, mlg_params_count(mlg_suite_params));
    if (!suite || !origins)
        return NULL;
    *suite = mlg_suite_defaults;
    suite->origins = origins;
    return suite;
}

const struct mlg_data *mlg_suite_data(const struct mlg_suite *suite, const char *name)
{
    for (size_t i = 0; name && i < suite->data_count; i++)
        if (strcmp(suite->data[i].name, name) == 0)
            return &suite->data[i];
    return NULL;
}

const char *mlg_suite_nearest_data(const struct mlg_suite *suite, const char *name, struct mlg_arena *arena)
{
    const char **names = MLG_NEW_ARRAY(arena, const char *, suite->data_count + 1);
    for (size_t i = 0; names && i < suite->data_count; i++)
        names[i] = suite->data[i].name;
    return names ? mlg_nearest(name, names, suite->data_count) : NULL;
}

/* ---- data ------------------------------------------------------------------------------------------ */

bool mlg_suite_knows_data(const struct mlg_suite *suite)
{
    const struct mlg_node *map = suite->node ? mlg_node_get(suite->node, "data") : NULL;
    return suite->data_count > 0 && !(map && (map->is_cut || map->is_unsure));
}

static void load_source(struct loader *loader, struct mlg_data *data, const struct mlg_node_entry *entry)
{
    const struct mlg_node *map = entry->value;
    const char *what = mlg_arena_format(loader->arena, "data.%s", entry->key->text);

    data->name = entry->key->text;
    data->has_mistakes = true; /* until it is read */
    if (map->is_unsure)
        return;
    if (map->type != MLG_NODE_MAP && mlg_params_find(mlg_data_params, data->name)) {
        mlg_node_diagnose(loader->list, MLG_ERROR, entry->key,
                          "'%s' stands under a name that gates use, as in data: {test: {path: test.csv}}",
                          data->name);
        return;
    }
    if (map->type != MLG_NODE_MAP) {
        mlg_node_diagnose(loader->list, MLG_ERROR, map->type == MLG_NODE_NULL ? entry->key : map,
                          "unexpected %s; 'data.%s' takes a map such as {path: test.csv, label: LABEL}",
                          mlg_node_seen(map), data->name);
        return;
    }
    if (entry->key->size == 0)
        mlg_node_diagnose(loader->list, MLG_ERROR, entry->key, "a data source without a name");
    mlg_data_read(data, map, what ? what : "data", loader->arena, loader->list);
}

#define DATA_EXAMPLE "data: {test: {path: test.csv, label: LABEL, prediction: PREDICTION}}"

static void load_data(struct loader *loader, const struct mlg_node *root)
{
    const struct mlg_node *map = mlg_node_get(root, "data");
    struct mlg_suite *suite = loader->suite;

    if (map ? map->is_unsure : root->is_cut)
        return;
    if (!map) /* gates may need none: tell_missing_data */
        return;
    if (map->is_cut && map->count == 0)
        return;
    if (map->type != MLG_NODE_MAP || map->count == 0) {
        mlg_node_diagnose(loader->list, MLG_ERROR, shown(root, "data"),
                          "unexpected %s; 'data' takes a map of names, as in " DATA_EXAMPLE,
                          mlg_node_seen(map));
        return;
    }
    if (map->count > MLG_SUITE_DATA) {
        mlg_node_diagnose(loader->list, MLG_ERROR, map, "more than %d entries in 'data'",
                          (int)MLG_SUITE_DATA);
        return;
    }
    suite->data = MLG_NEW_ARRAY(loader->arena, struct mlg_data, map->count);
    if (!suite->data) {
        no_memory(loader);
        return;
    }
    for (size_t i = 0; i < map->count; i++)
        load_source(loader, &suite->data[suite->data_count++], &map->entries[i]);
}

/* ---- gates ----------------------------------------------------------------------------------------- */

bool mlg_gate_needs_data(const struct mlg_gate_config *config)
{
    return config->data || config->slices.count > 0 || !config->gate || !config->gate->needs_data ||
           config->gate->needs_data(config);
}

/* Which data a gate judges: the named source, or the only one; none where its checks look at no rows. */
static void choose_data(struct mlg_gate_config *config, const struct mlg_node *map,
                        const struct mlg_suite *suite, const char *what, struct mlg_arena *arena,
                        struct mlg_diagnostics *list)
{
    const char **names;
    const char *known, *near;

    if (!mlg_suite_knows_data(suite) || !mlg_gate_needs_data(config)) /* told already, or none is needed */
        return;
    if (!config->data && suite->data_count == 1 && !mlg_gate_key_is_lost(config, "data")) {
        config->data = suite->data[0].name;
        return;
    }
    if (mlg_suite_data(suite, config->data))
        return;
    names = MLG_NEW_ARRAY(arena, const char *, suite->data_count);
    for (size_t i = 0; names && i < suite->data_count; i++)
        names[i] = suite->data[i].name;
    known = names ? mlg_join(names, suite->data_count, arena) : "";
    near = names && config->data ? mlg_nearest(config->data, names, suite->data_count) : NULL;
    if (!config->data && mlg_gate_key_is_lost(config, "data"))
        return;
    for (size_t i = 0; !config->data && i < suite->data_count; i++)
        if (!suite->data[i].node) /* what stands there are no names, as was told */
            return;
    if (!config->data)
        mlg_node_diagnose(list, MLG_ERROR, map, "'data' is missing in %s; it is one of %s", what, known);
    else if (near)
        mlg_node_diagnose(list, MLG_ERROR, shown(map, "data"),
                          "no data source is named '%s'; did you mean '%s'?", config->data, near);
    else
        mlg_node_diagnose(list, MLG_ERROR, shown(map, "data"), "no data source is named '%s'; known are %s",
                          config->data, known);
}

static bool read_options(struct mlg_gate_config *config, const struct mlg_gate *gate,
                         const struct mlg_node *map, const char *what, struct mlg_arena *arena,
                         struct mlg_diagnostics *list)
{
    config->options = mlg_arena_alloc(arena, 1, gate->options_size + 1);
    config->option_origins = MLG_NEW_ARRAY(arena, struct mlg_origin, mlg_params_count(gate->params) + 1);
    if (!config->options || !config->option_origins)
        return false;
    if (gate->defaults)
        memcpy(config->options, gate->defaults, gate->options_size);
    if (gate->params)
        mlg_rows_read(gate->params, config->options, config->option_origins, map, what, arena, list);
    return true;
}

/* One wrong check spoils the value of `checks`, and so does the end of the reading; the others are read all
 * the same, so that the gate tells their mistakes in the same go. */
static void salvage_checks(struct mlg_gate_config *config, const struct mlg_node *map,
                           struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const struct mlg_node *node = mlg_node_get(map, "checks");
    struct mlg_diagnostics told_already;

    mlg_diagnostics_init(&told_already, arena);
    if (config->checks.count == 0 && node && node->type != MLG_NODE_NULL && !node->is_unsure)
        mlg_checks_read(&config->checks, node, arena, node->is_cut ? list : &told_already);
}

bool mlg_gate_config_read(struct mlg_gate_config *config, const struct mlg_gate *gate,
                          const struct mlg_node *map, const struct mlg_suite *suite, const char *what,
                          struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const struct mlg_param *const tables[] = {mlg_gate_params, gate ? gate->params : NULL, NULL};

    *config = mlg_gate_config_defaults;
    config->gate = gate;
    config->node = map;
    config->origins = MLG_NEW_ARRAY(arena, struct mlg_origin, mlg_params_count(mlg_gate_params));
    if (!config->origins || (gate && !read_options(config, gate, map, what, arena, list))) {
        mlg_node_diagnose(list, MLG_ERROR, map, "no memory left for %s", what);
        return false;
    }
    if (gate)
        mlg_keys_known(map, tables, NULL, what, arena, list);
    mlg_rows_read(mlg_gate_params, config, config->origins, map, what, arena, list);
    if (!config->name)
        config->name = config->gate_word;
    salvage_checks(config, map, arena, list);
    choose_data(config, map, suite, what, arena, list);
    mlg_settings_inherit(&config->settings, config->origins + MLG_GATE_SETTINGS_ROW, &suite->settings,
                         suite->origins + MLG_SUITE_SETTINGS_ROW, MLG_SUITE_SETTINGS_COUNT);
    if (gate && gate->expand)
        gate->expand(config, suite, arena, list);
    for (size_t i = 0; i < config->checks.count; i++) {
        config->checks.items[i].settings.in_family = suite->family == MLG_FAMILY_HOLM;
        mlg_settings_inherit(&config->checks.items[i].settings, config->checks.items[i].origins,
                             &config->settings, config->origins + MLG_GATE_SETTINGS_ROW, MLG_SETTINGS_COUNT);
    }
    return gate != NULL;
}

bool mlg_gate_may_have_checks(const struct mlg_gate_config *config)
{
    const struct mlg_node *checks = mlg_node_get(config->node, "checks");
    bool lost = checks ? checks->is_cut || checks->is_unsure : mlg_gate_key_is_lost(config, "checks");
    for (size_t i = 0; config->gate && config->gate->expand && config->gate->params[i].name; i++)
        lost = lost || mlg_gate_key_is_lost(config, config->gate->params[i].name);
    return lost;
}

static bool is_setting(size_t i, const char *name)
{
    return strcmp(mlg_settings_params[i].name, name) == 0;
}

static bool same_texts(const struct mlg_texts *a, const struct mlg_texts *b)
{
    bool same = a->count == b->count;
    for (size_t i = 0; same && i < a->count; i++)
        same = strcmp(a->items[i], b->items[i]) == 0;
    return same;
}

/* The setting of its own by which a check asks for less than it would among the gate's settings; NULL: none.
 * More rows than there are block, so that `min_rows` asks for more. */
static const char *weakened_by(const struct mlg_check_config *item, const struct mlg_settings *gate,
                               bool enforce)
{
    const struct mlg_settings *own = &item->settings;
    for (size_t i = 0; i < MLG_SETTINGS_COUNT; i++) {
        const char *name = mlg_settings_params[i].name;
        if (item->origins[i].type != MLG_BUILT_IN &&
            ((is_setting(i, "on") && !same_texts(&own->on, &gate->on)) ||
             (is_setting(i, "enforce") && !own->enforce && enforce && gate->enforce) ||
             (is_setting(i, "decide") && own->decide == MLG_DECIDE_POINT && gate->decide != own->decide) ||
             (is_setting(i, "on_inconclusive") && own->on_inconclusive == MLG_WARN &&
              gate->on_inconclusive != own->on_inconclusive) ||
             (is_setting(i, "confidence") && own->confidence < gate->confidence)))
            return name;
    }
    return NULL;
}

struct mlg_check_config *mlg_gate_add_check(struct mlg_gate_config *config, const char *text, bool enforce,
                                            const char *because, const struct mlg_node *node,
                                            struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    struct mlg_checks *checks = &config->checks;
    struct mlg_check_config *items = MLG_NEW_ARRAY(arena, struct mlg_check_config, checks->count + 1);
    struct mlg_check_config *added = items ? &items[checks->count] : NULL;
    struct mlg_error error;
    for (size_t i = 0; i < checks->count; i++) {
        const struct mlg_check_config *there = &checks->items[i];
        if (strcmp(there->check.written, text) != 0)
            continue;
        const char *weaker = weakened_by(there, &config->settings, enforce);
        if (weaker)
            mlg_node_diagnose(list, MLG_ERROR, there->node,
                              "'%s' of this check weakens '%s' of the preset, which has the same text; leave "
                              "'%s' out, or write the check in a gate of its own",
                              weaker, text, weaker);
        return NULL;
    }
    if (!items || mlg_check_parse(text, strlen(text), arena, &added->check, &error) != MLG_OK)
        return NULL;
    if (checks->count)
        memcpy(items, checks->items, checks->count * sizeof *items);
    added->settings = mlg_settings_defaults;
    added->node = node;
    for (size_t i = 0; mlg_settings_params[i].name; i++) {
        const bool is_asked = config->origins[MLG_GATE_SETTINGS_ROW + i].type != MLG_BUILT_IN;
        const bool set = (is_setting(i, "enforce") && !enforce && !(is_asked && config->settings.enforce)) ||
                         (is_setting(i, "because") && because);
        if (set)
            added->origins[i] = node->origin;
    }
    added->settings.enforce = enforce;
    added->settings.because = because;
    checks->items = items;
    checks->count++;
    return added;
}

/* A misspelt gate is read as the one that was probably meant, so that the mistakes in it are told as well. */
static const struct mlg_gate *find_gate(const struct loader *loader, const struct mlg_node *word)
{
    const char **names;
    const char *near;
    size_t count = 0;

    if (!word || word->type != MLG_NODE_SCALAR || word->size == 0 || word->is_unsure)
        return NULL; /* told with the rows */
    for (; loader->gates[count]; count++)
        if (strcmp(loader->gates[count]->name, word->text) == 0)
            return loader->gates[count];
    names = MLG_NEW_ARRAY(loader->arena, const char *, count + 1);
    for (size_t i = 0; names && i < count; i++)
        names[i] = loader->gates[i]->name;
    near = names ? mlg_nearest(word->text, names, count) : NULL;
    if (!near) {
        mlg_node_diagnose(loader->list, MLG_ERROR, word, "unknown gate '%s'; known are %s", word->text,
                          names ? mlg_join(names, count, loader->arena) : "");
        return NULL;
    }
    mlg_node_diagnose(loader->list, MLG_ERROR, word, "unknown gate '%s'; did you mean '%s'?", word->text,
                      near);
    for (size_t i = 0; i < count; i++)
        if (names[i] == near)
            return loader->gates[i];
    return NULL;
}

static void refuse_same_name(const struct loader *loader, size_t index)
{
    const struct mlg_gate_config *config = &loader->suite->gates[index];
    for (size_t i = 0; config->name && i < index; i++) {
        const struct mlg_gate_config *other = &loader->suite->gates[i];
        if (!other->name || strcmp(config->name, other->name) != 0)
            continue;
        mlg_node_diagnose(loader->list, MLG_ERROR,
                          mlg_node_get(config->node, "name") ? mlg_node_get(config->node, "name")
                                                             : config->node,
                          "a gate named '%s' stands at line %lu already; give each its own 'name'",
                          config->name, other->node->origin.place.line);
        return;
    }
}

/* What an entry of `gates` is called in sentences; one that does not say its kind learns which there are. */
static const char *gate_called(const struct loader *loader, const struct mlg_gate *gate,
                               const struct mlg_node *word)
{
    enum { MOST = 64 };
    const char *names[MOST], *text;
    size_t count = 0;
    if (gate)
        text = mlg_arena_format(loader->arena, "gate '%s'", gate->name);
    else if (word)
        text = "a gate";
    else {
        for (; loader->gates[count] && count < MOST; count++)
            names[count] = loader->gates[count]->name;
        text = mlg_arena_format(loader->arena, "a gate (of the kinds there are: %s)",
                                mlg_join(names, count, loader->arena));
    }
    return text ? text : "a gate";
}

static bool load_gate(struct loader *loader, const struct mlg_node *map)
{
    struct mlg_gate_config *config = &loader->suite->gates[loader->suite->gate_count];
    const struct mlg_node *word = mlg_node_get(map, "gate");
    const struct mlg_gate *gate = find_gate(loader, word);
    const struct mlg_node *checks;
    const char *what = gate_called(loader, gate, word);

    bool sound;

    loader->suite->gate_count++;
    sound = mlg_gate_config_read(config, gate, map, loader->suite, what, loader->arena, loader->list);
    refuse_same_name(loader, loader->suite->gate_count - 1);
    checks = mlg_node_get(map, "checks");
    if (config->checks.count == 0 && !mlg_gate_may_have_checks(config) &&
        (!checks || (checks->type == MLG_NODE_LIST && checks->count == 0)))
        mlg_node_diagnose(loader->list, MLG_ERROR, shown(map, "checks"),
                          "%s has no checks; add for example 'checks: [%s]'", what, mlg_gate_example(gate));
    return sound;
}

static void load_gates(struct loader *loader, const struct mlg_node *root)
{
    static const char *const example = "gates: [{gate: accuracy, checks: [roc_auc >= 0.85]}]";
    const struct mlg_node *gates = mlg_node_get(root, "gates");
    struct mlg_suite *suite = loader->suite;

    if (gates ? gates->is_unsure || (gates->is_cut && gates->count == 0) : root->is_cut)
        return;
    if (!gates) {
        const struct mlg_node whole = whole_of(root);
        mlg_node_diagnose(loader->list, MLG_ERROR, &whole,
                          "'gates' is missing in the suite; it says what must hold, as in %s", example);
        return;
    }
    if (gates->type != MLG_NODE_LIST || gates->count == 0) {
        mlg_node_diagnose(loader->list, MLG_ERROR, shown(root, "gates"),
                          "unexpected %s; 'gates' takes a list, as in %s", mlg_node_seen(gates), example);
        return;
    }
    if (gates->count > MLG_SUITE_GATES) {
        mlg_node_diagnose(loader->list, MLG_ERROR, gates, "more than %d gates", (int)MLG_SUITE_GATES);
        return;
    }
    suite->gates = MLG_NEW_ARRAY(loader->arena, struct mlg_gate_config, gates->count);
    if (!suite->gates) {
        no_memory(loader);
        return;
    }
    for (size_t i = 0; i < gates->count; i++) {
        const struct mlg_node *map = gates->entries[i].value;
        if (map->is_unsure)
            continue;
        if (map->type != MLG_NODE_MAP)
            mlg_node_diagnose(
                loader->list, MLG_ERROR, map,
                "unexpected %s; a gate is a map, as in - {gate: accuracy, checks: [roc_auc >= 0.85]}",
                mlg_node_seen(map));
        else if (load_gate(loader, map)) {
            const struct mlg_gate_config *config = &suite->gates[suite->gate_count - 1];
            if (config->gate->check)
                config->gate->check(config, suite, loader->arena, loader->list);
        }
    }
}

/* Only a suite whose gates look at no rows has no data. */
static void tell_missing_data(struct loader *loader, const struct mlg_node *root)
{
    const struct mlg_suite *suite = loader->suite;
    bool is_needed = suite->gate_count == 0;
    for (size_t i = 0; i < suite->gate_count; i++)
        is_needed = is_needed || mlg_gate_needs_data(&suite->gates[i]);
    if (mlg_node_get(root, "data") || root->is_cut || !is_needed)
        return;
    const struct mlg_node whole = whole_of(root);
    mlg_node_diagnose(loader->list, MLG_ERROR, &whole,
                      "'data' is missing in the suite; it names the files, as in " DATA_EXAMPLE);
}

/* ---- waivers --------------------------------------------------------------------------------------- */

static bool is_date(const char *text)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;

    if (strlen(text) != 10 || text[4] != '-' || text[7] != '-')
        return false;
    for (int i = 0; i < 10; i++)
        if (i != 4 && i != 7 && (text[i] < '0' || text[i] > '9'))
            return false;
    year = (text[0] - '0') * 1000 + (text[1] - '0') * 100 + (text[2] - '0') * 10 + (text[3] - '0');
    month = (text[5] - '0') * 10 + (text[6] - '0');
    day = (text[8] - '0') * 10 + (text[9] - '0');
    if (year < 1970 || month < 1 || month > 12 || day < 1)
        return false;
    return day <= days[month - 1] ||
           (month == 2 && day == 29 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

static void load_waiver(struct loader *loader, const struct mlg_node *map)
{
    static const struct mlg_param *const tables[] = {mlg_waiver_params, NULL};
    struct mlg_waiver *waiver = &loader->suite->waivers[loader->suite->waiver_count++];

    waiver->node = map;
    mlg_keys_known(map, tables, NULL, "a waiver", loader->arena, loader->list);
    mlg_rows_read(mlg_waiver_params, waiver, NULL, map, "a waiver", loader->arena, loader->list);
    if (waiver->reason && mlg_text_is_blank(waiver->reason))
        mlg_node_diagnose(loader->list, MLG_ERROR, mlg_node_get(map, "reason"),
                          "'reason' of a waiver says nothing; it tells why the check may be missed");
    if (waiver->owner && mlg_text_is_blank(waiver->owner))
        mlg_node_diagnose(loader->list, MLG_ERROR, mlg_node_get(map, "owner"),
                          "'owner' of a waiver says nothing; it names who answers for it");
    if (waiver->expires && !is_date(waiver->expires))
        mlg_node_diagnose(loader->list, MLG_ERROR, mlg_node_get(map, "expires"),
                          "'%s' is no date; 'expires' takes a day such as 2027-01-31", waiver->expires);
}

/* `waivers: PATH`: the list stands in a file of its own, which others may be allowed to change. */
static const struct mlg_node *read_waivers(const struct loader *loader, const struct mlg_node *node)
{
    struct mlg_error error = {0};
    const char *path = mlg_suite_resolve_path(loader->suite->path, node->text, loader->arena);
    size_t size = 0;
    char *bytes = NULL;

    if (path && loader->world && loader->world->open)
        bytes = mlg_world_read_file(loader->world, path, MLG_YAML_SIZE, loader->arena, &size, &error);
    if (!bytes) {
        mlg_node_diagnose(loader->list, MLG_ERROR, node, "the waivers cannot be read: %s",
                          error.code ? error.text : "there are no files here");
        return NULL;
    }
    return mlg_yaml_parse(path, bytes, size, loader->arena, loader->list);
}

static void load_waivers(struct loader *loader, const struct mlg_node *root)
{
    static const char *const takes =
        "'waivers' takes a list of {check: ID, reason: TEXT, owner: TEXT, expires: "
        "2027-01-31}, or the path of a file with one";
    const struct mlg_node *waivers = mlg_node_get(root, "waivers");
    const struct mlg_node *place = waivers ? shown(root, "waivers") : NULL;

    if (!waivers || waivers->is_unsure)
        return;
    if (waivers->type == MLG_NODE_SCALAR && waivers->size > 0) {
        loader->suite->waivers_path = waivers->text;
        place = waivers = read_waivers(loader, waivers);
        if (!waivers)
            return;
    }
    if (waivers->type != MLG_NODE_LIST) {
        mlg_node_diagnose(loader->list, MLG_ERROR, place, "unexpected %s; %s", mlg_node_seen(waivers), takes);
        return;
    }
    loader->suite->waivers_node = waivers;
    loader->suite->waivers = MLG_NEW_ARRAY(loader->arena, struct mlg_waiver, waivers->count + 1);
    if (!loader->suite->waivers) {
        no_memory(loader);
        return;
    }
    for (size_t i = 0; i < waivers->count; i++) {
        const struct mlg_node *map = waivers->entries[i].value;
        if (map->is_unsure)
            continue;
        if (map->type == MLG_NODE_MAP)
            load_waiver(loader, map);
        else
            mlg_node_diagnose(loader->list, MLG_ERROR, map, "unexpected %s; %s", mlg_node_seen(map), takes);
    }
}

/* ---- suite ----------------------------------------------------------------------------------------- */

static void load_rows(struct loader *loader, const struct mlg_node *root)
{
    static const struct mlg_param *const tables[] = {mlg_suite_params, NULL};
    static const char *const also[] = {"data", "gates", "waivers", NULL};
    const struct mlg_node whole = whole_of(root);
    struct mlg_suite *suite = loader->suite;

    mlg_keys_known(root, tables, also, "the suite", loader->arena, loader->list);
    mlg_rows_read(mlg_suite_params, suite, suite->origins, &whole, "the suite", loader->arena, loader->list);
    if (suite->version != 1)
        mlg_node_diagnose(loader->list, MLG_ERROR, shown(root, "version"),
                          "version %lld is unknown to this mlgate; it reads version 1",
                          (long long)suite->version);
}

struct mlg_suite *mlg_suite_load(const struct mlg_node *root, const char *path,
                                 const struct mlg_gate *const *gates, const struct mlg_world *world,
                                 const struct mlg_flag *flags, size_t flag_count, struct mlg_arena *arena,
                                 struct mlg_diagnostics *list)
{
    struct loader loader = {
        .suite = mlg_suite_new(arena), .world = world, .gates = gates, .arena = arena, .list = list};

    if (!loader.suite) {
        no_memory(&loader);
        return NULL;
    }
    loader.suite->path = path ? mlg_arena_format(arena, "%s", path) : NULL;
    loader.suite->node = root;
    if (root->is_unsure)
        return NULL;
    if (root->type != MLG_NODE_MAP) {
        mlg_node_diagnose(list, MLG_ERROR, root,
                          "unexpected %s; a suite is a map that begins with 'version: 1'",
                          mlg_node_seen(root));
        mlg_diagnostics_settle(list);
        return NULL;
    }
    load_rows(&loader, root);
    mlg_suite_read_outside(loader.suite, world, flags, flag_count, arena, list);
    load_data(&loader, root);
    load_gates(&loader, root);
    tell_missing_data(&loader, root);
    load_waivers(&loader, root);
    mlg_diagnostics_settle(list);
    return list->errors == 0 ? loader.suite : NULL;
}
