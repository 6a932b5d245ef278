/* targets.c: where the reports of a run go, what they must not overwrite, and how they get there.
 *
 * Every report tells the same end: one that cannot be written is an error of the suite, which all the others
 * then say, the console last.
 */
#include <string.h>

#include "mlgate/command.h"
#include "plugins.h"

/* ---- paths ----------------------------------------------------------------------------------------- */

static const char *strip(const char *path)
{
    while (path[0] == '.' && path[1] == '/') {
        path += 2;
        while (*path == '/')
            path++;
    }
    return path;
}

static bool is_standard_output(const char *path)
{
    static const char *const names[] = {"-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(path, names[i]) == 0)
            return true;
    return false;
}

/* Would a report at `report` be written over what is read from `input`? There "-" is standard input. */
static bool is_same_file(const struct mlg_world *world, const char *report, const char *input)
{
    if (strcmp(report, "-") == 0)
        return false;
    if (strcmp(input, "-") != 0 && strcmp(strip(report), strip(input)) == 0)
        return true;
    return world->same_file && world->same_file(world->self, report, input);
}

static bool is_same_target(const struct mlg_world *world, const char *a, const char *b)
{
    if (is_standard_output(a) || is_standard_output(b))
        return is_standard_output(a) && is_standard_output(b);
    return is_same_file(world, a, b);
}

const char *mlg_beside(const char *config, const char *path, struct mlg_arena *arena)
{
    const char *slash = config ? strrchr(config, '/') : NULL;
    if (!slash || path[0] == '/' || strcmp(path, "-") == 0)
        return path;
    const char *joined = mlg_arena_format(arena, "%.*s%s", (int)(slash - config + 1), config, path);
    return joined ? joined : path;
}

/* ---- which reports there are ----------------------------------------------------------------------- */

static void tell_unknown(struct mlg_session *session, const char *kind, const struct mlg_node *node)
{
    const char *names[64];
    size_t count = 0;
    struct mlg_builder known;
    mlg_builder_init(&known, 1000);
    for (; mlg_reports[count] && count < 64; count++) {
        names[count] = mlg_reports[count]->name;
        mlg_put_format(&known, "%s%s", count ? ", " : "", names[count]);
    }
    const char *near = mlg_nearest(kind, names, count);
    mlg_node_diagnose(&session->mistakes, MLG_ERROR, node,
                      near ? "unknown report '%s'; did you mean '%s'?" : "unknown report '%s'; known are %s",
                      kind, near ? near : known.data);
    mlg_builder_free(&known);
}

static struct mlg_node node_of_flag(const char *flag)
{
    return (struct mlg_node){.origin = {.type = MLG_FROM_FLAG, .name = flag}};
}

static void append(struct mlg_session *session, struct mlg_targets *targets, const struct mlg_target *target,
                   const struct mlg_node *node)
{
    struct mlg_target *items = mlg_arena_grow(&session->arena, targets->items, &targets->capacity,
                                              targets->count + 1, sizeof *items);
    struct mlg_node *place = MLG_NEW(&session->arena, struct mlg_node);
    if (!items || !place || !target->called) {
        mlg_diagnose(&session->mistakes, MLG_ERROR, (struct mlg_place){0}, 0, NULL,
                     "no memory for the reports");
        return;
    }
    *place = *node;
    targets->items = items;
    items[targets->count] = *target;
    items[targets->count++].node = place;
}

void mlg_targets_add(struct mlg_session *session, struct mlg_targets *targets, const char *kind,
                     const char *path, const struct mlg_node *node)
{
    const struct mlg_report *report = mlg_report_find(kind);
    if (!report) {
        tell_unknown(session, kind, node);
        return;
    }
    for (size_t i = 0; i < targets->count; i++)
        if (targets->items[i].report == report && strcmp(targets->items[i].path, path) == 0)
            return; /* the same wish from config and flags */
    const struct mlg_target target = {
        .report = report, .called = mlg_arena_format(&session->arena, "%s report", kind), .path = path};
    append(session, targets, &target, node);
}

/* Where the options have a mistake, what they say about reports all the same: pairs KIND=PATH; of the
 * environment several, with commas or lines between. */
static void salvage_pairs(struct mlg_session *session, struct mlg_targets *targets, const char *text,
                          const struct mlg_node *node)
{
    bool several = node->origin.type == MLG_FROM_ENVIRONMENT;
    while (*text) {
        size_t size = several ? strcspn(text, ",\n") : strlen(text);
        const char *equals = memchr(text, '=', size);
        const char *kind = equals ? mlg_arena_copy(&session->arena, text, (size_t)(equals - text)) : NULL;
        const char *path =
            equals ? mlg_arena_copy(&session->arena, equals + 1, size - (size_t)(equals + 1 - text)) : NULL;
        if (kind && *kind && path && *path)
            mlg_targets_add(session, targets, kind, path, node);
        text += size;
        text += strspn(text, ",\n \r\t");
    }
}

void mlg_targets_of_flags(struct mlg_session *session, struct mlg_targets *targets)
{
    const struct mlg_map *map = &session->own.report;
    const struct mlg_node node = node_of_flag("--report");
    for (size_t i = 0; i < map->count; i++)
        mlg_targets_add(session, targets, map->keys[i], map->values[i], &node);
    for (size_t i = 0; map->count == 0 && i < session->options.count; i++) {
        const struct mlg_option *option = &session->options.items[i];
        for (size_t k = 0; strcmp(option->flag, "--report") == 0 && k < option->count; k++)
            salvage_pairs(session, targets, option->nodes[k]->text, option->nodes[k]);
    }
}

static const struct mlg_node *key_node(const struct mlg_node *map, const char *key)
{
    for (size_t i = 0; map && map->type == MLG_NODE_MAP && i < map->count; i++)
        if (strcmp(map->entries[i].key->text, key) == 0)
            return map->entries[i].key;
    return NULL;
}

static void add_of_good_suite(struct mlg_session *session, struct mlg_targets *targets,
                              const struct mlg_suite *suite, const struct mlg_node *written)
{
    const struct mlg_param *row = mlg_params_find(mlg_suite_params, "reports");
    const struct mlg_origin *origin = &suite->origins[row - mlg_suite_params];
    bool from_config = origin->type == MLG_FROM_CONFIG;
    const struct mlg_node elsewhere = {.origin = *origin};
    for (size_t i = 0; i < suite->reports.count; i++) {
        const char *kind = suite->reports.keys[i], *path = suite->reports.values[i];
        const struct mlg_node *key = from_config ? key_node(written, kind) : NULL;
        mlg_targets_add(session, targets, kind,
                        from_config ? mlg_beside(suite->path, path, &session->arena) : path,
                        key ? key : &elsewhere);
    }
}

static bool is_judged(const struct mlg_session *session, const char *gate)
{
    const struct mlg_texts *only = &session->own.only;
    bool found = only->count == 0;
    for (size_t i = 0; i < only->count; i++)
        found = found || strcmp(only->items[i], gate) == 0;
    return found;
}

/* Files that options of gates ask for; what --only leaves out stays as it lies there. */
static void add_written(struct mlg_session *session, struct mlg_targets *targets,
                        const struct mlg_suite *suite)
{
    for (size_t g = 0; g < suite->gate_count; g++) {
        const struct mlg_gate_config *config = &suite->gates[g];
        const char *const *name = is_judged(session, config->name) ? config->gate->written_params : NULL;
        for (; name && *name; name++) {
            const struct mlg_target target = {.gate = config->name,
                                              .option = *name,
                                              .called = *name,
                                              .path = mlg_gate_file(suite, config, *name, &session->arena)};
            const struct mlg_param *row = mlg_params_find(config->gate->params, *name);
            const struct mlg_node node = {.origin = config->option_origins[row - config->gate->params]};
            if (target.path)
                append(session, targets, &target, &node);
        }
    }
}

static const struct mlg_gate *find_gate(const struct mlg_node *word)
{
    size_t i = 0;
    if (!word || word->type != MLG_NODE_SCALAR)
        return NULL;
    while (mlg_gates[i] && strcmp(mlg_gates[i]->name, word->text) != 0)
        i++;
    return mlg_gates[i];
}

/* Where there are mistakes, what the options of gates say of files that they write, as far as that can be
 * read. */
static void salvage_written(struct mlg_session *session, struct mlg_targets *targets,
                            const struct mlg_loaded *loaded)
{
    const struct mlg_node *gates = loaded->sections ? mlg_node_get(loaded->sections, "gates") : NULL;
    gates = gates || !loaded->root ? gates : mlg_node_get(loaded->root, "gates");
    for (size_t g = 0; gates && gates->type == MLG_NODE_LIST && g < gates->count; g++) {
        const struct mlg_node *item = gates->entries[g].value;
        const struct mlg_node *kind = item->type == MLG_NODE_MAP ? mlg_node_get(item, "gate") : NULL;
        const struct mlg_gate *gate = find_gate(kind);
        if (!kind || !gate)
            continue;
        const struct mlg_node *name = mlg_node_get(item, "name");
        name = name && name->type == MLG_NODE_SCALAR ? name : kind;
        const char *const *option = is_judged(session, name->text) ? gate->written_params : NULL;
        for (; option && *option; option++) {
            const struct mlg_node *path = mlg_node_get(item, *option);
            if (loaded->is_partial && (!path || path->is_unsure))
                mlg_diagnose(&session->mistakes, MLG_WARNING, (struct mlg_place){.file = loaded->path}, 0,
                             NULL,
                             "whether '%s' of the gate '%s' stands behind the mistake is not known; an old "
                             "one may still lie there",
                             *option, name->text);
            if (!path || path->type != MLG_NODE_SCALAR || path->size == 0 || path->is_unsure)
                continue;
            const struct mlg_target target = {.gate = name->text,
                                              .option = *option,
                                              .called = *option,
                                              .path = mlg_beside(loaded->path, path->text, &session->arena)};
            append(session, targets, &target, path);
        }
    }
}

/* The same of one gate alone: the last flag, else the variable. */
static void salvage_flags(struct mlg_session *session, struct mlg_targets *targets)
{
    const struct mlg_gate *gate = session->gate;
    const struct mlg_world *world = session->world;
    for (const char *const *name = gate ? gate->written_params : NULL; name && *name; name++) {
        char *variable = mlg_arena_format(&session->arena, "MLGATE_%s", *name);
        for (char *c = variable; c && *c; c++)
            *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
        const char *path = variable ? world->environment(world->self, variable) : NULL;
        struct mlg_node node = {.origin = {.type = MLG_FROM_ENVIRONMENT, .name = variable}};
        for (size_t i = 0; i < session->options.count; i++) {
            const struct mlg_option *option = &session->options.items[i];
            if (option->count == 0 || strcmp(option->flag + 2, *name) != 0)
                continue;
            node = *option->nodes[option->count - 1];
            path = node.text;
        }
        const struct mlg_target target = {.gate = gate->name, .option = *name, .called = *name, .path = path};
        if (path && *path)
            append(session, targets, &target, &node);
    }
}

const struct mlg_node *mlg_written_reports(const struct mlg_loaded *loaded)
{
    const struct mlg_node *written = loaded->root ? mlg_node_get(loaded->root, "reports") : NULL;
    return !written && loaded->sections ? mlg_node_get(loaded->sections, "reports") : written;
}

void mlg_targets_of_suite(struct mlg_session *session, struct mlg_targets *targets,
                          const struct mlg_loaded *loaded)
{
    static const char variable[] = "MLGATE_REPORTS";
    const struct mlg_world *world = session->world;
    const struct mlg_node *written = mlg_written_reports(loaded);
    const char *outside = world->environment(world->self, variable);
    if (loaded->suite) {
        add_of_good_suite(session, targets, loaded->suite, written);
        add_written(session, targets, loaded->suite);
        return;
    }
    salvage_flags(session, targets);
    salvage_written(session, targets, loaded);
    if (outside && *outside) {
        const struct mlg_node node = {.origin = {.type = MLG_FROM_ENVIRONMENT, .name = variable}};
        salvage_pairs(session, targets, outside, &node);
    } else if (written && written->type == MLG_NODE_MAP) {
        for (size_t i = 0; i < written->count; i++) {
            const struct mlg_node *key = written->entries[i].key, *path = written->entries[i].value;
            bool is_kind = mlg_report_find(key->text) != NULL;
            if (!is_kind && !written->is_unsure && !path->is_unsure)
                tell_unknown(session, key->text, key);
            else if (is_kind && path->type == MLG_NODE_SCALAR && path->size)
                mlg_targets_add(session, targets, key->text,
                                mlg_beside(loaded->path, path->text, &session->arena), key);
        }
    }
}

/* ---- what they must not overwrite ------------------------------------------------------------------- */

void mlg_inputs_add(struct mlg_session *session, struct mlg_inputs *inputs, const char *path,
                    const char *what)
{
    struct mlg_input *items = path && *path
                                  ? mlg_arena_grow(&session->arena, inputs->items, &inputs->capacity,
                                                   inputs->count + 1, sizeof *items)
                                  : NULL;
    if (!items)
        return;
    inputs->items = items;
    items[inputs->count++] = (struct mlg_input){.path = path, .what = what};
}

static void add_waivers(struct mlg_session *session, struct mlg_inputs *inputs, const char *config,
                        const char *path)
{
    mlg_inputs_add(session, inputs, mlg_beside(config, path, &session->arena), "the waivers ");
}

static void add_data(struct mlg_session *session, struct mlg_inputs *inputs, const char *config,
                     const char *path)
{
    const char *near = path ? mlg_beside(config, path, &session->arena) : NULL;
    mlg_inputs_add(session, inputs, path, "the data ");
    if (near != path)
        mlg_inputs_add(session, inputs, near, "the data ");
    /* Of "archive.zip//member.csv" the archive is what lies on the disk. */
    for (const char *cut = near ? strstr(near, "//") : NULL; cut; cut = strstr(cut + 1, "//"))
        mlg_inputs_add(session, inputs, mlg_arena_copy(&session->arena, near, (size_t)(cut - near)),
                       "the data ");
}

/* Does a gate's option of that name name a file? */
static bool names_file(const char *option)
{
    for (size_t i = 0; mlg_gates[i]; i++)
        for (const char *const *name = mlg_gates[i]->file_params; name && *name; name++)
            if (strcmp(*name, option) == 0)
                return true;
    return false;
}

/* Is it spelled as a path below the directory? */
static bool lies_in(const char *path, const char *directory)
{
    size_t size = strlen(directory);
    while (size > 1 &&
           (directory[size - 1] == '/' || (directory[size - 1] == '.' && directory[size - 2] == '/')))
        size--;
    if (size == 0 || strncmp(directory, ".", size) == 0)
        return path[0] != '/' && strncmp(path, "../", 3) != 0;
    return strncmp(path, directory, size) == 0 && (path[size] == '/' || directory[size - 1] == '/');
}

/* Does a gate's option of that name name files or directories that it reads? */
static bool names_tree(const char *option)
{
    for (size_t i = 0; mlg_gates[i]; i++)
        for (const char *const *name = mlg_gates[i]->read_params; name && *name; name++)
            if (strcmp(*name, option) == 0)
                return true;
    return false;
}

/* A path that is a file, or a directory with all in it. */
static void add_tree(struct mlg_session *session, struct mlg_inputs *inputs, const char *config,
                     const struct mlg_node *path)
{
    const size_t before = inputs->count;
    if (path->type != MLG_NODE_SCALAR)
        return;
    mlg_inputs_add(session, inputs, mlg_beside(config, path->text, &session->arena), "");
    for (size_t i = before; i < inputs->count; i++) {
        inputs->items[i].is_tree = true;
        inputs->items[i].is_base = lies_in("x", path->text);
    }
}

/* Every `path` of a tree that is no suite. */
static void add_paths(struct mlg_session *session, struct mlg_inputs *inputs, const char *config,
                      const struct mlg_node *node, unsigned depth)
{
    if (depth == 0 || (node->type != MLG_NODE_MAP && node->type != MLG_NODE_LIST))
        return;
    for (size_t i = 0; i < node->count; i++) {
        const struct mlg_node *value = node->entries[i].value;
        bool is_path =
            node->type == MLG_NODE_MAP && (strcmp(node->entries[i].key->text, "path") == 0 ||
                                           strcmp(node->entries[i].key->text, "labels_path") == 0 ||
                                           names_file(node->entries[i].key->text));
        const bool is_tree = node->type == MLG_NODE_MAP && names_tree(node->entries[i].key->text);
        for (size_t k = 0; is_tree && value->type == MLG_NODE_LIST && k < value->count; k++)
            add_tree(session, inputs, config, value->entries[k].value);
        if (is_tree)
            add_tree(session, inputs, config, value);
        if (is_path && value->type == MLG_NODE_SCALAR)
            add_data(session, inputs, config, value->text);
        else
            add_paths(session, inputs, config, value, depth - 1);
    }
}

static void add_read(struct mlg_session *session, struct mlg_inputs *inputs, const struct mlg_suite *suite,
                     const struct mlg_gate_config *config)
{
    for (const char *const *name = config->gate->read_params; name && *name; name++) {
        const struct mlg_param *row = mlg_params_find(config->gate->params, *name);
        const char *field = (const char *)config->options + row->offset;
        const struct mlg_texts *texts =
            row->kind == &mlg_kind_texts ? (const struct mlg_texts *)(const void *)field : NULL;
        const char *const *one = (const char *const *)(const void *)field;
        const size_t count = texts ? texts->count : *one != NULL, before = inputs->count;
        for (size_t i = 0; i < count; i++)
            mlg_inputs_add(session, inputs,
                           mlg_beside(suite->path, texts ? texts->items[i] : *one, &session->arena), "");
        for (size_t i = before; i < inputs->count; i++)
            inputs->items[i].is_tree = true;
        for (size_t i = before; texts && i < inputs->count; i++)
            inputs->items[i].is_base = lies_in("x", texts->items[i - before]);
    }
}

void mlg_inputs_of(struct mlg_session *session, struct mlg_inputs *inputs, const struct mlg_loaded *loaded)
{
    static const char *const variables[] = {"MLGATE_DATA", "MLGATE_PATH"};
    const struct mlg_world *world = session->world;
    const struct mlg_suite *suite = loaded->suite;
    mlg_inputs_add(session, inputs, loaded->path, "");
    for (size_t d = 0; suite && d < suite->data_count; d++) {
        add_data(session, inputs, suite->path, suite->data[d].path);
        add_data(session, inputs, suite->path, suite->data[d].labels_path);
    }
    for (size_t g = 0; suite && g < suite->gate_count; g++)
        for (const char *const *name = suite->gates[g].gate->file_params; name && *name; name++)
            mlg_inputs_add(session, inputs, mlg_gate_file(suite, &suite->gates[g], *name, &session->arena),
                           "");
    for (size_t g = 0; suite && g < suite->gate_count; g++)
        add_read(session, inputs, suite, &suite->gates[g]);
    if (suite && suite->waivers_path)
        add_waivers(session, inputs, suite->path, suite->waivers_path);
    if (suite)
        return;
    /* There are mistakes: whatever may be meant as an input is one. */
    const struct mlg_node *const trees[] = {loaded->root, loaded->sections};
    for (size_t i = 0; i < sizeof trees / sizeof *trees; i++) {
        const struct mlg_node *waivers = trees[i] ? mlg_node_get(trees[i], "waivers") : NULL;
        if (trees[i])
            add_paths(session, inputs, loaded->path, trees[i], MLG_YAML_DEPTH + 1);
        if (waivers && waivers->type == MLG_NODE_SCALAR)
            add_waivers(session, inputs, loaded->path, waivers->text);
    }
    for (size_t i = 0; i < session->options.count; i++) {
        const struct mlg_option *option = &session->options.items[i];
        for (size_t k = 0; names_tree(option->flag + 2) && k < option->count; k++)
            add_tree(session, inputs, NULL, option->nodes[k]);
        for (size_t k = 0;
             (strcmp(option->flag, "--data") == 0 || names_file(option->flag + 2)) && k < option->count; k++)
            add_data(session, inputs, NULL, option->nodes[k]->text);
    }
    for (size_t i = 0; i < session->options.stray_count; i++)
        add_data(session, inputs, NULL, session->options.strays[i]);
    for (size_t i = 0; session->gate && i < sizeof variables / sizeof *variables; i++)
        add_data(session, inputs, NULL, world->environment(world->self, variables[i]));
}

/* A redirected standard output that is replaced would take what is printed with it. */
static const char *stream_behind(const struct mlg_world *world, const struct mlg_target *target)
{
    static const char *const streams[][2] = {{"/dev/stdout", "standard output"},
                                             {"/dev/stderr", "standard error"}};
    for (size_t i = 0; !target->is_stream && i < 2; i++)
        if (world->same_file && world->same_file(world->self, target->path, streams[i][0]))
            return streams[i][1];
    return NULL;
}

/* Is there nothing, or an older one of these? */
static bool may_replace(const struct mlg_world *world, const char *path)
{
    static const char beginning[] = "{\n  \"schema\": \"mlgate-manifest/";
    struct mlg_arena scratch;
    struct mlg_error ignored;
    size_t size = 0;
    mlg_arena_init(&scratch, 0);
    const char *bytes = mlg_world_read_file(world, path, MLG_YAML_SIZE, &scratch, &size, &ignored);
    const bool is_one =
        bytes && size >= sizeof beginning - 1 && memcmp(bytes, beginning, sizeof beginning - 1) == 0;
    struct mlg_entry entry = {.kind = MLG_ENTRY_OTHER};
    const bool is_missing = !bytes && world->runner &&
                            world->runner->look(world->self, path, &entry, &ignored) == MLG_OK &&
                            entry.kind == MLG_ENTRY_MISSING;
    mlg_arena_free(&scratch);
    return is_one || is_missing;
}

static void refuse_input(struct mlg_session *session, struct mlg_target *target,
                         const struct mlg_inputs *inputs)
{
    for (size_t i = 0; i < inputs->count && !target->keeps; i++) {
        const struct mlg_input *input = &inputs->items[i];
        /* Where the whole directory of mlgate.yaml is read, what is written may lie there all the same: it is
         * no part of the input. */
        if (input->is_tree && lies_in(strip(target->path), strip(input->path)) &&
            !(input->is_base && (target->report || may_replace(session->world, target->path)))) {
            target->keeps = true;
            mlg_node_diagnose(&session->mistakes, MLG_ERROR, target->node,
                              "the %s '%s' would lie in the input '%s'; write it elsewhere", target->called,
                              target->path, input->path);
            continue;
        }
        if (!is_same_file(session->world, target->path, input->path))
            continue;
        target->keeps = true;
        mlg_node_diagnose(&session->mistakes, MLG_ERROR, target->node,
                          "the %s would overwrite %s'%s'; give it a path of its own", target->called,
                          input->what, target->path);
    }
    const char *stream = target->keeps ? NULL : stream_behind(session->world, target);
    if (!stream)
        return;
    target->keeps = true;
    mlg_node_diagnose(&session->mistakes, MLG_ERROR, target->node,
                      "the %s would replace '%s', which %s goes to; give it a path of its own",
                      target->called, target->path, stream);
}

void mlg_targets_judge(struct mlg_session *session, struct mlg_targets *targets,
                       const struct mlg_inputs *inputs)
{
    for (size_t i = 0; i < targets->count; i++) {
        struct mlg_target *target = &targets->items[i];
        refuse_input(session, target, inputs);
        for (size_t k = 0; k < i; k++) {
            struct mlg_target *other = &targets->items[k];
            if (!is_same_target(session->world, target->path, other->path))
                continue;
            if (!target->keeps && !other->keeps && target->report && other->report)
                mlg_node_diagnose(&session->mistakes, MLG_ERROR, target->node,
                                  "the %s and %s reports have the same path '%s'; give each its own",
                                  other->report->name, target->report->name, target->path);
            else if (!target->keeps && !other->keeps)
                mlg_node_diagnose(&session->mistakes, MLG_ERROR, target->node,
                                  "the %s and the %s have the same path '%s'; give each its own",
                                  other->called, target->called, target->path);
            target->clashes = other->clashes = true;
            target->keeps = other->keeps = target->keeps || other->keeps;
            break;
        }
    }
}

void mlg_targets_prepare(struct mlg_session *session, struct mlg_targets *targets)
{
    const struct mlg_world *world = session->world;
    struct mlg_error error;
    for (size_t i = 0; i < targets->count; i++) {
        struct mlg_target *target = &targets->items[i];
        if (world->prepare(world->self, target->path, &target->is_stream, &error) != MLG_OK)
            target->problem = mlg_arena_copy(&session->arena, error.text, strlen(error.text));
    }
}

void mlg_targets_clear(struct mlg_session *session, struct mlg_targets *targets)
{
    const struct mlg_world *world = session->world;
    struct mlg_error error;
    for (size_t i = 0; i < targets->count; i++) {
        struct mlg_target *target = &targets->items[i];
        if (target->keeps || strcmp(target->path, "-") == 0)
            continue;
        if (world->remove(world->self, target->path, &error) != MLG_OK && !target->problem)
            target->problem = mlg_arena_copy(&session->arena, error.text, strlen(error.text));
    }
}

/* ---- writing ---------------------------------------------------------------------------------------- */

struct writing {
    struct mlg_session *session;
    struct mlg_targets *targets;
    struct mlg_results *results;
    bool is_of_run; /* its results are still to be told: an error of writing belongs to them */
    bool failed;
};

/* What a gate made for its option. NULL: nothing, since it could not be judged. */
static const struct mlg_written_file *find_file(const struct mlg_results *results,
                                                const struct mlg_target *target)
{
    for (size_t g = 0; g < results->gate_count; g++) {
        const struct mlg_gate_result *gate = &results->gates[g];
        for (size_t i = 0; mlg_text_equal(gate->name, target->gate) && i < gate->file_count; i++)
            if (mlg_text_equal(gate->files[i].option, target->option))
                return &gate->files[i];
    }
    return NULL;
}

/* `path` NULL: standard error. */
static bool write_report(const struct writing *writing, const struct mlg_target *target, const char *path,
                         bool colour, struct mlg_error *error)
{
    const struct mlg_world *world = writing->session->world;
    struct mlg_report_options options = writing->session->report_options;
    options.colour = colour;
    struct mlg_builder out;
    int code = MLG_OK;
    mlg_builder_init(&out, 0);
    if (target->report) {
        target->report->write(writing->results, &options, &out);
    } else {
        const struct mlg_written_file *file = find_file(writing->results, target);
        if (!file)
            return true;
        mlg_put_bytes(&out, file->bytes, file->size);
    }
    if (out.failed)
        code = mlg_error_set(error, MLG_LIMIT, "the %s is larger than %d MiB", target->called,
                             MLG_BUILDER_LID / 1024 / 1024);
    else if (path)
        code = world->write(world->self, path, out.data, out.size, error);
    else if (world->print(world->self, 2, out.data, out.size) != 0)
        code = mlg_error_set(error, MLG_WORLD, "cannot write to standard error");
    mlg_builder_free(&out);
    return code == MLG_OK;
}

static void tell_failure(struct writing *writing, const char *text)
{
    struct mlg_results *results = writing->results;
    writing->failed = true;
    mlg_complain(writing->session, "%s", text);
    if (!writing->is_of_run)
        return;
    const char *copy = mlg_arena_copy(&writing->session->arena, text, strlen(text));
    const char **errors = MLG_NEW_ARRAY(&writing->session->arena, const char *, results->error_count + 1);
    if (errors && copy) {
        for (size_t i = 0; i < results->error_count; i++)
            errors[i] = results->errors[i];
        errors[results->error_count++] = copy;
        results->errors = errors;
    }
    mlg_results_conclude(results);
}

/* Files can be written again when one of them fails, so that none says "pass". */
static void write_files(struct writing *writing)
{
    struct mlg_error error;
    for (size_t i = 0; i < writing->targets->count; i++) {
        struct mlg_target *target = &writing->targets->items[i];
        if (target->is_stream || target->keeps || target->clashes || target->problem)
            continue;
        if (write_report(writing, target, target->path, false, &error))
            continue;
        target->problem = "told";
        tell_failure(writing, error.text);
        if (writing->is_of_run)
            i = (size_t)-1; /* from the first on */
    }
}

static bool is_console(const struct mlg_target *target)
{
    return target->report && strcmp(target->report->name, "console") == 0;
}

static bool may_colour(const struct mlg_world *world, int stream)
{
    const char *no = world->environment(world->self, "NO_COLOR");
    const char *terminal = world->environment(world->self, "TERM");
    return world->is_terminal(world->self, stream) && !(no && *no) &&
           !(terminal && strcmp(terminal, "dumb") == 0);
}

static void write_stream(struct writing *writing, const struct mlg_target *target, const char *path,
                         bool colour)
{
    struct mlg_error error;
    if (write_report(writing, target, path, colour, &error))
        return;
    tell_failure(writing, error.text);
    if (writing->is_of_run)
        write_files(writing);
}

bool mlg_targets_write(struct mlg_session *session, struct mlg_targets *targets, struct mlg_results *results,
                       bool is_of_run, bool console)
{
    struct writing writing = {session, targets, results, is_of_run, false};
    bool output_taken = false;
    for (size_t i = 0; i < targets->count; i++)
        if (targets->items[i].problem)
            tell_failure(&writing, targets->items[i].problem);
    write_files(&writing);
    for (size_t i = 0; i < targets->count; i++) {
        const struct mlg_target *target = &targets->items[i];
        bool output = is_standard_output(target->path);
        if (!target->is_stream || target->keeps || target->clashes || target->problem ||
            (output && is_console(target))) /* as if it had not been said */
            continue;
        output_taken |= output;
        write_stream(&writing, target, target->path, false);
    }
    const struct mlg_target printed = {.report = mlg_report_find("console"), .called = "console report"};
    if (console)
        write_stream(&writing, &printed, output_taken ? NULL : "-",
                     may_colour(session->world, output_taken ? 2 : 1));
    return !writing.failed;
}

bool mlg_targets_want_console(const struct mlg_targets *targets)
{
    for (size_t i = 0; i < targets->count; i++)
        if (is_standard_output(targets->items[i].path) && is_console(&targets->items[i]))
            return true;
    return false;
}
