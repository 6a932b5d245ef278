/* manifest.c: the manifest of a series of runs, written and read, and two of them held against each other. */
#include "mlgate/manifest.h"

#include <math.h>
#include <string.h>

#include "inputs.h"
#include "mlgate/number.h"
#include "mlgate/world.h"
#include "secrets.h"

static const char schema[] = "mlgate-manifest/1";

static int no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory for the manifest");
}

/* How much of directories is written down, all inputs together: a manifest is read whole. */
enum { MOST_FILES = 1000, MOST_BYTES = 128 << 10 };

/* *left: how many more files, and bytes of their paths, there is room for. */
static int list_files(const struct mlg_input *input, size_t left[2], struct mlg_arena *arena,
                      struct mlg_manifest_file *file)
{
    size_t count = 0, bytes = 0;
    for (size_t i = 0; i < input->count; i++)
        if (input->files[i].seen.kind == MLG_ENTRY_FILE && input->files[i].path[0]) {
            count++;
            bytes += strlen(input->files[i].path);
        }
    if (count > left[0] || bytes > left[1] || (input->count == 1 && !input->files[0].path[0]))
        return MLG_OK;
    struct mlg_manifest_files *files = MLG_NEW(arena, struct mlg_manifest_files);
    struct mlg_manifest_file *items = MLG_NEW_ARRAY(arena, struct mlg_manifest_file, count + 1);
    if (!files || !items)
        return MLG_LIMIT;
    *files = (struct mlg_manifest_files){.items = items};
    for (size_t i = 0; i < input->count; i++)
        if (input->files[i].seen.kind == MLG_ENTRY_FILE) {
            struct mlg_manifest_file *one = &items[files->count++];
            one->path = input->files[i].path;
            memcpy(one->sha256, input->files[i].sha256, sizeof one->sha256);
        }
    file->files = files;
    left[0] -= count;
    left[1] -= bytes;
    return MLG_OK;
}

/* Files that mlgate writes below an input, relative to the directory of the inputs: each once. */
static int list_left_out(const struct mlg_rerun_view *view, struct mlg_arena *arena, struct mlg_texts *texts)
{
    const size_t written = view->order->written.count + 2, inputs = view->order->inputs.count;
    texts->items = MLG_NEW_ARRAY(arena, const char *, written *inputs + 1);
    if (!texts->items)
        return MLG_LIMIT;
    for (size_t i = 0; i < inputs; i++)
        for (size_t k = 0; k < view->left_out[i]->count; k++) {
            const struct mlg_input_file file = {.path = view->left_out[i]->items[k]};
            const char *path = mlg_input_file_name(view->order->inputs.items[i], &file, arena);
            if (!path)
                return MLG_LIMIT;
            if (!mlg_text_is_among(path, texts->items, texts->count))
                texts->items[texts->count++] = path;
        }
    return MLG_OK;
}

int mlg_manifest_make(const struct mlg_world *world, const struct mlg_rerun *rerun, struct mlg_arena *arena,
                      struct mlg_manifest *manifest, struct mlg_error *error)
{
    const struct mlg_rerun_view view = mlg_rerun_look(rerun);
    const struct mlg_texts *inputs = &view.order->inputs;
    size_t left[] = {MOST_FILES, MOST_BYTES};
    *manifest = (struct mlg_manifest){.version = MLG_VERSION, .order = view.order, .root = view.root};
    manifest->inputs.items = MLG_NEW_ARRAY(arena, struct mlg_manifest_file, inputs->count + 1);
    if (!manifest->inputs.items)
        return no_memory(error);
    for (; manifest->inputs.count < inputs->count; manifest->inputs.count++) {
        struct mlg_manifest_file *file = &manifest->inputs.items[manifest->inputs.count];
        const struct mlg_input *input = &mlg_rerun_inputs(rerun)[manifest->inputs.count];
        file->path = inputs->items[manifest->inputs.count];
        memcpy(file->sha256, input->sha256, sizeof file->sha256);
        if (list_files(input, left, arena, file) != MLG_OK)
            return no_memory(error);
    }
    if (list_left_out(&view, arena, &manifest->left_out) != MLG_OK)
        return no_memory(error);
    const int code = mlg_manifest_find_program(world, &view, arena, &manifest->program, error);
    return code ? code : mlg_manifest_look(world, view.base, arena, &manifest->facts, error);
}

/* ---- writing ------------------------------------------------------------------------------------- */

static void put_member(struct mlg_builder *out, const char *indent, const char *name, const char *text,
                       const char *after)
{
    mlg_put_format(out, "%s\"%s\": ", indent, name);
    mlg_put_json_or_null(out, text);
    mlg_put(out, after);
}

static void put_texts(struct mlg_builder *out, const struct mlg_texts *texts)
{
    mlg_put(out, "[");
    for (size_t i = 0; i < texts->count; i++) {
        mlg_put(out, i ? ", " : "");
        mlg_put_json(out, texts->items[i]);
    }
    mlg_put(out, "]");
}

static void put_variations(struct mlg_builder *out, mlg_variation_set set)
{
    bool first = true;
    mlg_put(out, "[");
    for (size_t i = 0; i < mlg_variation_count; i++)
        if (set & ((mlg_variation_set)1 << i)) {
            mlg_put(out, first ? "" : ", ");
            mlg_put_json(out, mlg_variations[i].name);
            first = false;
        }
    mlg_put(out, "]");
}

/* What is in a directory, as an object: names and digests. */
static void put_contents(struct mlg_builder *out, const struct mlg_manifest_files *files)
{
    mlg_put(out, ", \"files\": ");
    mlg_put(out, files ? "{" : "null");
    for (size_t i = 0; files && i < files->count; i++) {
        mlg_put(out, i ? ",\n      " : "\n      ");
        mlg_put_json(out, files->items[i].path);
        mlg_put_format(out, ": \"%s\"", files->items[i].sha256);
    }
    mlg_put(out, !files ? "" : files->count ? "\n    }" : "}");
}

static void put_files(struct mlg_builder *out, const char *name, const struct mlg_manifest_files *files,
                      bool with_contents)
{
    mlg_put_format(out, "  \"%s\": [", name);
    for (size_t i = 0; i < files->count; i++) {
        mlg_put(out, i ? ",\n    {\"path\": " : "\n    {\"path\": ");
        mlg_put_json(out, files->items[i].path);
        mlg_put_format(out, ", \"sha256\": \"%s\"", files->items[i].sha256);
        if (with_contents)
            put_contents(out, files->items[i].files);
        mlg_put(out, "}");
    }
    mlg_put(out, files->count ? "\n  ],\n" : "],\n");
}

void mlg_put_fresh(struct mlg_builder *out, const char *value, const char *root)
{
    const size_t size = root ? strlen(root) : 0;
    for (const char *found; size && (found = strstr(value, root)); value = found + size) {
        mlg_put_bytes(out, value, (size_t)(found - value));
        mlg_put(out, "{fresh}");
    }
    mlg_put(out, value);
}

static void put_variable(struct mlg_builder *out, const char *name, size_t size, const char *value,
                         const char *root)
{
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    mlg_put_bytes(&text, name, size);
    out->failed |= text.failed;
    mlg_put_json(out, text.data ? text.data : "");
    mlg_builder_free(&text);
    mlg_put(out, ": ");
    if (mlg_secret_variable(name, size, value)) {
        mlg_put(out, "null");
    } else {
        mlg_builder_init(&text, 0);
        mlg_put_fresh(&text, value, root);
        out->failed |= text.failed;
        mlg_put_json(out, text.data ? text.data : "");
        mlg_builder_free(&text);
    }
}

/* Variables, but for those that have the same value in `first`. */
static void put_environment(struct mlg_builder *out, const char *const *environment, const char *const *first,
                            const char *root, const char *indent)
{
    size_t count = 0;
    mlg_put(out, "{");
    for (; environment && *environment; environment++) {
        const char *equals = strchr(*environment, '=');
        bool same = !equals;
        for (const char *const *other = first; other && *other && !same; other++)
            same = strcmp(*other, *environment) == 0;
        if (same)
            continue;
        mlg_put_format(out, "%s\n%s  ", count++ ? "," : "", indent);
        put_variable(out, *environment, (size_t)(equals - *environment), equals + 1, root);
    }
    if (count)
        mlg_put_format(out, "\n%s", indent);
    mlg_put(out, "}");
}

static void put_program(struct mlg_builder *out, const struct mlg_manifest_program *program)
{
    mlg_put(out, "  \"program\": {\n");
    put_member(out, "    ", "path", program->path, ",\n");
    put_member(out, "    ", "sha256", program->sha256[0] ? program->sha256 : NULL, ",\n");
    mlg_put(out, "    \"packages\": ");
    mlg_put(out, program->has_packages ? "{" : "null");
    for (size_t i = 0; program->has_packages && i < program->package_count; i++) {
        mlg_put(out, i ? ",\n      " : "\n      ");
        mlg_put_json(out, program->packages[i].name);
        mlg_put(out, ": ");
        mlg_put_json(out, program->packages[i].version);
    }
    mlg_put(out, !program->has_packages ? "" : program->package_count ? "\n    }" : "}");
    mlg_put(out, ",\n");
    put_member(out, "    ", "packages_problem", program->packages_problem, "\n  },\n");
}

static void put_command(struct mlg_builder *out, const struct mlg_rerun_order *order)
{
    mlg_put(out, "  \"command\": {\n    \"run\": ");
    if (order->shell)
        mlg_put(out, "null");
    else
        put_texts(out, &order->arguments);
    mlg_put(out, ",\n");
    put_member(out, "    ", "shell", order->shell, ",\n");
    put_member(out, "    ", "workdir", order->workdir, ",\n");
    mlg_put_format(out, "    \"network\": %s,\n    \"timeout\": ", order->network ? "true" : "false");
    mlg_put_number(out, order->timeout);
    mlg_put_format(out, ",\n    \"memory\": %llu,\n    \"vary\": ", (unsigned long long)order->memory);
    put_variations(out, order->vary);
    mlg_put(out, ",\n    \"inherit\": ");
    put_texts(out, &order->inherit);
    mlg_put(out, ",\n    \"environment\": {");
    for (size_t i = 0; order->environment && i < order->environment->count; i++) {
        const char *name = order->environment->keys[i], *value = order->environment->values[i];
        mlg_put(out, i ? ", " : "");
        put_variable(out, name, strlen(name), value ? value : "", NULL);
    }
    mlg_put(out, "},\n    \"outputs\": ");
    put_texts(out, &order->outputs);
    mlg_put(out, "\n  },\n");
}

static void put_run(struct mlg_builder *out, const struct mlg_manifest *manifest,
                    const struct mlg_rerun_run *run)
{
    struct mlg_arena scratch;
    mlg_arena_init(&scratch, 0);
    mlg_put_format(out, "    {\n      \"run\": %u,\n", run->number);
    put_member(out, "      ", "seed", run->seed, ",\n");
    mlg_put(out, "      \"varied\": ");
    put_variations(out, run->varied);
    mlg_put(out, ",\n      \"environment\": ");
    put_environment(out, run->environment, run == manifest->runs[0] ? NULL : manifest->runs[0]->environment,
                    manifest->root, "      ");
    mlg_put_format(out, ",\n      \"exit\": %d,\n", run->outcome.code);
    const char *isolation = mlg_command_isolation(&run->outcome, &scratch);
    put_member(out, "      ", "isolation", isolation, ",\n");
    out->failed |= !isolation;
    mlg_put(out, "      \"outputs\": [");
    for (size_t i = 0; i < manifest->order->outputs.count; i++) {
        mlg_put(out, i ? ",\n        {\"path\": " : "\n        {\"path\": ");
        mlg_put_json(out, manifest->order->outputs.items[i]);
        mlg_put_format(out, ", \"sha256\": \"%s\", \"meaning\": \"%s\", \"bytes\": %llu}",
                       run->outputs[i].sha256, run->outputs[i].meaning,
                       (unsigned long long)run->outputs[i].size);
    }
    mlg_put(out, "\n      ]\n    }");
    mlg_arena_free(&scratch);
}

static void put_machine(struct mlg_builder *out, const struct mlg_manifest_facts *facts,
                        const struct mlg_rerun_run *run)
{
    static const char core_variable[] = "OPENBLAS_CORETYPE";
    const struct mlg_machine *machine = &facts->machine;
    mlg_put(out, "  \"machine\": {\n");
    put_member(out, "    ", "cpu", facts->cpu, ",\n");
    put_member(out, "    ", "cpu_flags", facts->cpu_flags, ",\n");
    mlg_put_format(out, "    \"processors\": %u,\n", machine->processors);
    put_member(out, "    ", "architecture", machine->architecture, ",\n");
    put_member(out, "    ", "system", machine->system, ",\n");
    put_member(out, "    ", "kernel", machine->kernel, ",\n");
    put_member(out, "    ", "libc", machine->libc, ",\n");
    put_member(out, "    ", "container", facts->container, ",\n");
    /* Which kernels a library picks by itself only the process that has loaded it can ask. */
    const char *core = run && run->environment ? mlg_command_variable(run->environment, core_variable) : NULL;
    put_member(out, "    ", "openblas_core", core, ",\n");
    put_member(out, "    ", "openblas_core_problem",
               core ? NULL
                    : "OPENBLAS_CORETYPE is not set; what the command's own library chose, only it knows",
               "\n  },\n");
}

void mlg_manifest_write(const struct mlg_manifest *manifest, struct mlg_builder *out)
{
    mlg_put(out, "{\n");
    put_member(out, "  ", "schema", schema, ",\n");
    put_member(out, "  ", "version", manifest->version, ",\n");
    put_command(out, manifest->order);
    mlg_put(out, "  \"comparison\": {\n    \"ignore\": ");
    put_texts(out, &manifest->ignore);
    mlg_put(out, ",\n    \"tolerance\": ");
    mlg_put_number(out, manifest->tolerance);
    mlg_put(out, ",\n    \"relative\": ");
    mlg_put_number(out, manifest->relative);
    mlg_put(out, "\n  },\n");
    put_program(out, &manifest->program);
    put_files(out, "inputs", &manifest->inputs, true);
    mlg_put(out, "  \"left_out\": ");
    put_texts(out, &manifest->left_out);
    mlg_put(out, ",\n");
    mlg_put(out, "  \"code\": {\n");
    put_member(out, "    ", "commit", manifest->facts.commit, ",\n");
    put_member(out, "    ", "commit_problem", manifest->facts.commit_problem, ",\n");
    mlg_put_format(out, "    \"dirty\": %s,\n",
                   manifest->facts.dirty_problem ? "null"
                   : manifest->facts.dirty       ? "true"
                                                 : "false");
    put_member(out, "    ", "dirty_problem", manifest->facts.dirty_problem, "\n  },\n");
    put_files(out, "lockfiles", &manifest->facts.lockfiles, false);
    mlg_put(out, "  \"runs\": [\n");
    for (size_t i = 0; i < manifest->run_count; i++) {
        mlg_put(out, i ? ",\n" : "");
        put_run(out, manifest, manifest->runs[i]);
    }
    mlg_put(out, "\n  ],\n");
    put_machine(out, &manifest->facts, manifest->run_count ? manifest->runs[0] : NULL);
    mlg_put(out, "  \"timings\": [");
    for (size_t i = 0; i < manifest->run_count; i++) {
        const struct mlg_command_outcome *outcome = &manifest->runs[i]->outcome;
        mlg_put_format(out, "%s\n    {\"run\": %u, \"seconds\": ", i ? "," : "", manifest->runs[i]->number);
        mlg_put_number(out, round(outcome->seconds * 1e6) / 1e6);
        mlg_put(out, ", \"peak_memory\": ");
        if (outcome->peak_memory)
            mlg_put_format(out, "%llu", (unsigned long long)outcome->peak_memory);
        else
            mlg_put(out, "null");
        if (manifest->runs[i]->at_once > 1) /* they shared the machine */
            mlg_put_format(out, ", \"at_once\": %u", manifest->runs[i]->at_once);
        mlg_put(out, "}");
    }
    mlg_put(out, "\n  ],\n");
    put_member(out, "  ", "fresh", manifest->root, "\n}\n");
}

/* ---- reading ------------------------------------------------------------------------------------- */

struct reading {
    const struct mlg_world *world;
    struct mlg_arena *arena;
    struct mlg_error *error;
    int code; /* of the first failure */
};

static void fail(struct reading *reading, const struct mlg_node *at, const char *name, const char *what)
{
    if (reading->code == MLG_OK)
        reading->code = mlg_error_at(reading->error, MLG_DATA, at->origin.place, "'%s' %s", name, what);
}

static void fail_memory(struct reading *reading)
{
    if (reading->code == MLG_OK)
        reading->code = no_memory(reading->error);
}

/* The member, of that type; NULL: told, or null where it may be. */
static const struct mlg_node *member(struct reading *reading, const struct mlg_node *map, const char *name,
                                     enum mlg_node_type type, bool may_be_null)
{
    const struct mlg_node *value = map ? mlg_node_get(map, name) : NULL;
    if (!map)
        return NULL;
    if (!value)
        fail(reading, map, name, "is missing");
    else if (value->type != type && !(may_be_null && value->type == MLG_NODE_NULL))
        fail(reading, value, name,
             type == MLG_NODE_SCALAR ? "is no text or number"
             : type == MLG_NODE_LIST ? "is no list"
                                     : "is no object");
    return value && value->type == type ? value : NULL;
}

static const char *read_text(struct reading *reading, const struct mlg_node *map, const char *name,
                             bool may_be_null)
{
    const struct mlg_node *value = member(reading, map, name, MLG_NODE_SCALAR, may_be_null);
    return value ? value->text : NULL;
}

/* *known: it is not null. */
static bool read_truth(struct reading *reading, const struct mlg_node *map, const char *name, bool *known)
{
    const struct mlg_node *value = member(reading, map, name, MLG_NODE_SCALAR, known != NULL);
    const bool is_true = value && strcmp(value->text, "true") == 0;
    if (value && !is_true && strcmp(value->text, "false") != 0)
        fail(reading, value, name, "is neither true nor false");
    if (known)
        *known = value != NULL;
    return is_true;
}

/* What may be null only where the member of that name says why. */
static void read_reason(struct reading *reading, const struct mlg_node *map, const char *name, bool is_known)
{
    const char *why = read_text(reading, map, name, true);
    if (map && !why && !is_known)
        fail(reading, map, name, "does not say why something is not known");
}

static double read_number(struct reading *reading, const struct mlg_node *map, const char *name)
{
    const struct mlg_node *value = member(reading, map, name, MLG_NODE_SCALAR, false);
    double number = 0;
    if (value && !(mlg_number_parse(value->text, value->size, &number) && number >= 0 && number <= 1e15))
        fail(reading, value, name, "is no number that it can be");
    return number;
}

static struct mlg_texts read_texts(struct reading *reading, const struct mlg_node *map, const char *name)
{
    const struct mlg_node *list = member(reading, map, name, MLG_NODE_LIST, true);
    struct mlg_texts texts = {0};
    if (!list)
        return texts;
    texts.items = MLG_NEW_ARRAY(reading->arena, const char *, list->count + 1);
    if (!texts.items)
        fail_memory(reading);
    for (size_t i = 0; texts.items && i < list->count; i++) {
        if (list->entries[i].value->type == MLG_NODE_SCALAR)
            texts.items[texts.count++] = list->entries[i].value->text;
        else
            fail(reading, list->entries[i].value, name, "has an item that is no text");
    }
    return texts;
}

static void read_digest(struct reading *reading, const struct mlg_node *item, const char *name,
                        char digest[65])
{
    const char *text = read_text(reading, item, name, false);
    if (text && strspn(text, "0123456789abcdef") == 64 && text[64] == '\0')
        memcpy(digest, text, 65);
    else
        fail(reading, item, name, "is no SHA-256");
}

static const struct mlg_manifest_files *read_contents(struct reading *reading, const struct mlg_node *input)
{
    const struct mlg_node *map = member(reading, input, "files", MLG_NODE_MAP, true);
    struct mlg_manifest_files *files = map ? MLG_NEW(reading->arena, struct mlg_manifest_files) : NULL;
    struct mlg_manifest_file *items =
        files ? MLG_NEW_ARRAY(reading->arena, struct mlg_manifest_file, map->count + 1) : NULL;
    if (map && !items)
        fail_memory(reading);
    if (!items)
        return NULL;
    *files = (struct mlg_manifest_files){.items = items};
    for (size_t i = 0; i < map->count; i++) {
        const char *path = map->entries[i].key->text;
        items[files->count].path = path;
        read_digest(reading, map, path, items[files->count++].sha256);
    }
    return files;
}

/* What more is told of files of a kind. */
enum told { TOLD_DIGESTS, TOLD_CONTENTS, TOLD_MEANINGS };

static struct mlg_manifest_files read_files(struct reading *reading, const struct mlg_node *map,
                                            const char *name, enum told told)
{
    const struct mlg_node *list = member(reading, map, name, MLG_NODE_LIST, false);
    struct mlg_manifest_files files = {0};
    if (!list)
        return files;
    files.items = MLG_NEW_ARRAY(reading->arena, struct mlg_manifest_file, list->count + 1);
    if (!files.items)
        fail_memory(reading);
    for (size_t i = 0; files.items && reading->code == MLG_OK && i < list->count; i++) {
        const struct mlg_node *item = list->entries[i].value;
        if (item->type != MLG_NODE_MAP) {
            fail(reading, item, name, "has an item that is no object");
            break;
        }
        struct mlg_manifest_file *file = &files.items[files.count++];
        file->path = read_text(reading, item, "path", false);
        read_digest(reading, item, "sha256", file->sha256);
        if (told == TOLD_MEANINGS)
            read_digest(reading, item, "meaning", file->meaning);
        file->files = told == TOLD_CONTENTS ? read_contents(reading, item) : NULL;
    }
    return files;
}

static mlg_variation_set read_variations(struct reading *reading, const struct mlg_node *map,
                                         const char *name)
{
    const struct mlg_texts words = read_texts(reading, map, name);
    mlg_variation_set set = 0;
    for (size_t i = 0; i < words.count; i++) {
        set |= mlg_variation_of(words.items[i]);
        if (!mlg_variation_of(words.items[i]))
            fail(reading, map, words.items[i], "cannot be varied by this version");
    }
    return set;
}

/* What the gate's `environment` sets. */
static const struct mlg_map *read_set(struct reading *reading, const struct mlg_node *command)
{
    const struct mlg_node *node = member(reading, command, "environment", MLG_NODE_MAP, false);
    struct mlg_map *map = node ? MLG_NEW(reading->arena, struct mlg_map) : NULL;
    if (!map || !(map->keys = MLG_NEW_ARRAY(reading->arena, const char *, node->count + 1)) ||
        !(map->values = MLG_NEW_ARRAY(reading->arena, const char *, node->count + 1))) {
        if (node)
            fail_memory(reading);
        return NULL;
    }
    for (size_t i = 0; i < node->count; i++) {
        const struct mlg_node *value = node->entries[i].value;
        const char *name = node->entries[i].key->text;
        map->keys[map->count] = name;
        map->values[map->count++] = value->type == MLG_NODE_SCALAR
                                        ? value->text
                                        : reading->world->environment(reading->world->self, name);
        if (!map->values[map->count - 1])
            fail(reading, value, name, "is withheld from the manifest; set it in the environment");
    }
    return map;
}

/* Variables of a run, without those that are withheld. */
static const char *const *read_environment(struct reading *reading, const struct mlg_node *run)
{
    const struct mlg_node *map = member(reading, run, "environment", MLG_NODE_MAP, false);
    const char **items = map ? MLG_NEW_ARRAY(reading->arena, const char *, map->count + 1) : NULL;
    size_t count = 0;
    if (map && !items)
        fail_memory(reading);
    for (size_t i = 0; items && i < map->count; i++) {
        const struct mlg_node_entry *entry = &map->entries[i];
        if (entry->value->type != MLG_NODE_SCALAR)
            continue;
        items[count] = mlg_arena_format(reading->arena, "%s=%s", entry->key->text, entry->value->text);
        if (!items[count++])
            fail_memory(reading);
    }
    return items;
}

static void read_order(struct reading *reading, const struct mlg_node *root, struct mlg_rerun_order *order)
{
    const struct mlg_node *command = member(reading, root, "command", MLG_NODE_MAP, false);
    if (!command)
        return;
    order->arguments = read_texts(reading, command, "run");
    order->shell = read_text(reading, command, "shell", true);
    order->workdir = read_text(reading, command, "workdir", true);
    order->network = read_truth(reading, command, "network", NULL);
    order->timeout = read_number(reading, command, "timeout");
    order->memory = (uint64_t)read_number(reading, command, "memory");
    order->vary = read_variations(reading, command, "vary");
    order->inherit = read_texts(reading, command, "inherit");
    order->environment = read_set(reading, command);
    order->outputs = read_texts(reading, command, "outputs");
    if (order->arguments.count == 0 && !order->shell)
        fail(reading, command, "command", "says neither 'run' nor 'shell'");
    if (order->outputs.count == 0)
        fail(reading, command, "outputs", "names no file");
}

static void read_program(struct reading *reading, const struct mlg_node *root,
                         struct mlg_manifest_program *program)
{
    const struct mlg_node *node = member(reading, root, "program", MLG_NODE_MAP, false);
    const struct mlg_node *packages = member(reading, node, "packages", MLG_NODE_MAP, true);
    program->path = read_text(reading, node, "path", true);
    if (read_text(reading, node, "sha256", true))
        read_digest(reading, node, "sha256", program->sha256);
    program->packages_problem = read_text(reading, node, "packages_problem", true);
    read_reason(reading, node, "packages_problem", packages != NULL);
    program->has_packages = packages != NULL;
    const size_t count = packages ? packages->count : 0;
    program->packages = MLG_NEW_ARRAY(reading->arena, struct mlg_manifest_package, count + 1);
    if (!program->packages)
        fail_memory(reading);
    for (size_t i = 0; reading->code == MLG_OK && i < count; i++) {
        const char *name = packages->entries[i].key->text;
        program->packages[program->package_count++] =
            (struct mlg_manifest_package){.name = name, .version = read_text(reading, packages, name, false)};
    }
}

static void read_comparison(struct reading *reading, const struct mlg_node *root,
                            struct mlg_manifest *manifest)
{
    const struct mlg_node *comparison = member(reading, root, "comparison", MLG_NODE_MAP, false);
    if (!comparison)
        return;
    manifest->ignore = read_texts(reading, comparison, "ignore");
    manifest->tolerance = read_number(reading, comparison, "tolerance");
    manifest->relative = read_number(reading, comparison, "relative");
}

/* A run's seed and what came of it; the variables of the first one alone, which stand there whole. */
static struct mlg_rerun_run *read_run(struct reading *reading, const struct mlg_node *node,
                                      const struct mlg_rerun_order *order, bool is_first)
{
    struct mlg_rerun_run *run = MLG_NEW(reading->arena, struct mlg_rerun_run);
    if (!run ||
        !(run->outputs = MLG_NEW_ARRAY(reading->arena, struct mlg_rerun_file, order->outputs.count + 1))) {
        fail_memory(reading);
        return NULL;
    }
    run->number = (unsigned)fmin(read_number(reading, node, "run"), 1e9);
    run->seed = read_text(reading, node, "seed", true);
    run->varied = read_variations(reading, node, "varied");
    if (is_first)
        run->environment = read_environment(reading, node);
    else
        member(reading, node, "environment", MLG_NODE_MAP, false);
    read_number(reading, node, "exit");
    read_text(reading, node, "isolation", false);
    const struct mlg_manifest_files outputs = read_files(reading, node, "outputs", TOLD_MEANINGS);
    if (reading->code == MLG_OK && outputs.count != order->outputs.count)
        fail(reading, node, "outputs", "are not those of the command");
    for (size_t i = 0; reading->code == MLG_OK && i < outputs.count; i++) {
        if (strcmp(outputs.items[i].path, order->outputs.items[i]) != 0)
            fail(reading, node, outputs.items[i].path, "is no output of the command in its place");
        memcpy(run->outputs[i].sha256, outputs.items[i].sha256, sizeof run->outputs[i].sha256);
        memcpy(run->outputs[i].meaning, outputs.items[i].meaning, sizeof run->outputs[i].meaning);
    }
    return run;
}

static bool has_seed(const struct mlg_manifest *manifest, const char *seed)
{
    for (size_t i = 0; i < manifest->run_count; i++)
        if (mlg_text_equal(manifest->runs[i]->seed, seed))
            return true;
    return false;
}

static void read_timing(struct reading *reading, const struct mlg_node *timing,
                        const struct mlg_rerun_run *run)
{
    if (read_number(reading, timing, "run") != run->number)
        fail(reading, timing, "run", "is not the number of the run in its place");
    read_number(reading, timing, "seconds");
    if (member(reading, timing, "peak_memory", MLG_NODE_SCALAR, true))
        read_number(reading, timing, "peak_memory");
}

/* Kept are the first run, and of each other seed the first that varied nothing: what is made again is not
 * varied. Of all others nothing is asked but that they are what they should be. */
static void read_runs(struct reading *reading, const struct mlg_node *root,
                      const struct mlg_rerun_order *order, struct mlg_manifest *manifest)
{
    const struct mlg_node *runs = member(reading, root, "runs", MLG_NODE_LIST, false);
    const struct mlg_node *timings = member(reading, root, "timings", MLG_NODE_LIST, false);
    const size_t count = runs && timings ? runs->count : 0;
    struct mlg_texts *varied = &manifest->varied_seeds;
    struct mlg_texts seeds = {.items = MLG_NEW_ARRAY(reading->arena, const char *, count + 1)};
    manifest->runs = MLG_NEW_ARRAY(reading->arena, struct mlg_rerun_run *, count + 1);
    varied->items = MLG_NEW_ARRAY(reading->arena, const char *, count + 1);
    if (!manifest->runs || !varied->items || !seeds.items) {
        fail_memory(reading);
        return;
    }
    if (runs && runs->count == 0)
        fail(reading, runs, "runs", "has no first run");
    if (runs && timings && runs->count != timings->count)
        fail(reading, timings, "timings", "are not one per run");
    for (size_t i = 0; reading->code == MLG_OK && i < count; i++) {
        const struct mlg_node *node = runs->entries[i].value, *timing = timings->entries[i].value;
        if (node->type != MLG_NODE_MAP || timing->type != MLG_NODE_MAP) {
            fail(reading, node, "runs", "has a run, or 'timings' an item, that is no object");
            return;
        }
        struct mlg_rerun_run *run = read_run(reading, node, order, i == 0);
        if (!run)
            return;
        read_timing(reading, timing, run);
        if (i == 0 || (run->varied == 0 && !has_seed(manifest, run->seed)))
            manifest->runs[manifest->run_count++] = run;
        if (run->seed)
            seeds.items[seeds.count++] = run->seed;
    }
    for (size_t i = 0; i < seeds.count; i++)
        if (!has_seed(manifest, seeds.items[i]) &&
            !mlg_text_is_among(seeds.items[i], varied->items, varied->count))
            varied->items[varied->count++] = seeds.items[i];
}

static void read_code(struct reading *reading, const struct mlg_node *root, struct mlg_manifest_facts *facts)
{
    const struct mlg_node *code = member(reading, root, "code", MLG_NODE_MAP, false);
    bool is_known = false;
    facts->commit = read_text(reading, code, "commit", true);
    read_reason(reading, code, "commit_problem", facts->commit != NULL);
    facts->dirty = read_truth(reading, code, "dirty", &is_known);
    read_reason(reading, code, "dirty_problem", is_known);
    facts->dirty_problem = is_known ? NULL : read_text(reading, code, "dirty_problem", true);
}

static void read_machine(struct reading *reading, const struct mlg_node *root,
                         struct mlg_manifest_facts *facts)
{
    const struct mlg_node *machine = member(reading, root, "machine", MLG_NODE_MAP, false);
    facts->cpu = read_text(reading, machine, "cpu", true);
    facts->cpu_flags = read_text(reading, machine, "cpu_flags", true);
    facts->container = read_text(reading, machine, "container", true);
    read_reason(reading, machine, "openblas_core_problem",
                read_text(reading, machine, "openblas_core", true) != NULL);
    facts->machine = (struct mlg_machine){
        .system = read_text(reading, machine, "system", true),
        .kernel = read_text(reading, machine, "kernel", true),
        .architecture = read_text(reading, machine, "architecture", true),
        .libc = read_text(reading, machine, "libc", true),
        .processors = machine ? (unsigned)fmin(read_number(reading, machine, "processors"), 1e9) : 0};
}

int mlg_manifest_read(const struct mlg_world *world, const struct mlg_node *root, struct mlg_arena *arena,
                      struct mlg_manifest *manifest, struct mlg_error *error)
{
    struct reading reading = {.world = world, .arena = arena, .error = error};
    struct mlg_rerun_order *order = MLG_NEW(arena, struct mlg_rerun_order);
    *manifest = (struct mlg_manifest){.order = order};
    if (!order)
        return no_memory(error);
    const struct mlg_node *found = root->type == MLG_NODE_MAP ? mlg_node_get(root, "schema") : NULL;
    if (!found || found->type != MLG_NODE_SCALAR || strcmp(found->text, schema) != 0)
        return mlg_error_at(error, MLG_DATA, (found ? found : root)->origin.place,
                            "this is no manifest: its 'schema' is not '%s'", schema);
    manifest->version = read_text(&reading, root, "version", false);
    read_order(&reading, root, order);
    read_comparison(&reading, root, manifest);
    read_program(&reading, root, &manifest->program);
    manifest->inputs = read_files(&reading, root, "inputs", TOLD_CONTENTS);
    manifest->left_out = read_texts(&reading, root, "left_out");
    manifest->facts.lockfiles = read_files(&reading, root, "lockfiles", TOLD_DIGESTS);
    read_code(&reading, root, &manifest->facts);
    read_machine(&reading, root, &manifest->facts);
    manifest->root = read_text(&reading, root, "fresh", true);
    if (reading.code == MLG_OK)
        read_runs(&reading, root, order, manifest);
    order->inputs.items = MLG_NEW_ARRAY(arena, const char *, manifest->inputs.count + 1);
    if (!order->inputs.items)
        fail_memory(&reading);
    for (size_t i = 0; reading.code == MLG_OK && i < manifest->inputs.count; i++)
        order->inputs.items[order->inputs.count++] = manifest->inputs.items[i].path;
    return reading.code;
}

/* ---- two of them --------------------------------------------------------------------------------- */

struct differing {
    struct mlg_texts *texts;
    size_t capacity;
    struct mlg_arena *arena;
    bool failed;
};

static void add(struct differing *differing, const char *text)
{
    const char **items =
        text ? mlg_arena_grow(differing->arena, (void *)differing->texts->items, &differing->capacity,
                              differing->texts->count + 1, sizeof *items)
             : NULL;
    differing->failed |= !items;
    if (!items)
        return;
    items[differing->texts->count++] = text;
    differing->texts->items = items;
}

static void compare_texts(struct differing *differing, const char *what, const char *then, const char *now)
{
    if (!mlg_text_equal(then, now))
        add(differing, mlg_arena_format(differing->arena, "%s is %s now, and was %s", what,
                                        now ? now : "not known", then ? then : "not known"));
}

static const char *find_file(const struct mlg_manifest_files *files, const char *path)
{
    for (size_t i = 0; i < files->count; i++)
        if (strcmp(files->items[i].path, path) == 0)
            return files->items[i].sha256;
    return NULL;
}

static void compare_files(struct differing *differing, const char *what,
                          const struct mlg_manifest_files *then, const struct mlg_manifest_files *now)
{
    for (size_t i = 0; i < then->count; i++) {
        const char *path = then->items[i].path, *sha256 = find_file(now, path);
        if (!sha256 || strcmp(sha256, then->items[i].sha256) != 0)
            add(differing, mlg_arena_format(differing->arena, "the %s '%s' %s", what, path,
                                            sha256 ? "has another content" : "is not there any more"));
    }
    for (size_t i = 0; i < now->count; i++)
        if (!find_file(then, now->items[i].path))
            add(differing,
                mlg_arena_format(differing->arena, "the %s '%s' was not there", what, now->items[i].path));
}

/* As it stands in the manifest: without names of directories that are others each time. */
static const char *fresh_text(struct differing *differing, const char *value, const char *root)
{
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    mlg_put_fresh(&text, value, root);
    const char *copy =
        text.failed ? NULL : mlg_arena_copy(differing->arena, text.data ? text.data : "", text.size);
    mlg_builder_free(&text);
    differing->failed |= !copy;
    return copy ? copy : "";
}

static const char *find_version(const struct mlg_manifest_program *program, const char *name)
{
    for (size_t i = 0; i < program->package_count; i++)
        if (strcmp(program->packages[i].name, name) == 0)
            return program->packages[i].version;
    return NULL;
}

enum package_change { PACKAGE_CHANGED, PACKAGE_GONE, PACKAGE_NEW, PACKAGE_CHANGES };

/* Versions of packages that are others: "numpy is 2.1 now, and was 2.0". Of many the first ones, none where
 * `most` is 0. How many there are. */
static size_t compare_packages(struct differing *differing, const struct mlg_manifest_program *then,
                               const struct mlg_manifest_program *now, size_t most)
{
    size_t count = 0;
    for (int change = 0; then->has_packages && now->has_packages && change < PACKAGE_CHANGES; change++) {
        const struct mlg_manifest_program *of = change == PACKAGE_NEW ? now : then,
                                          *others = change == PACKAGE_NEW ? then : now;
        for (size_t i = 0; i < of->package_count; i++) {
            const char *name = of->packages[i].name, *version = of->packages[i].version;
            const char *other = find_version(others, name);
            if ((other != NULL) != (change == PACKAGE_CHANGED) || (other && strcmp(other, version) == 0) ||
                count++ >= most)
                continue;
            const char *unknown = "of a version that is not known";
            const char *is = change == PACKAGE_NEW ? version
                             : other               ? other
                                                   : "not installed",
                       *was = change == PACKAGE_NEW ? "not installed" : version;
            add(differing, mlg_arena_format(differing->arena, "%s is %s now, and was %s", name,
                                            *is ? is : unknown, *was ? was : unknown));
        }
    }
    return count;
}

static void compare_programs(struct differing *differing, const struct mlg_manifest_program *then,
                             const struct mlg_manifest_program *now)
{
    enum { TOLD = 5 };
    const size_t packages = compare_packages(differing, then, now, 0);
    const bool is_other = then->sha256[0] && now->sha256[0] && strcmp(then->sha256, now->sha256) != 0;
    if (then->path && !now->path)
        add(differing, mlg_arena_format(differing->arena, "the program '%s' is not found now", then->path));
    else if (then->path && (is_other || packages) && strcmp(then->path, now->path) != 0)
        add(differing, mlg_arena_format(differing->arena, "the program is '%s' now, and was '%s'", now->path,
                                        then->path));
    else if (is_other)
        add(differing, mlg_arena_format(differing->arena, "the program '%s' has another content", now->path));
    compare_packages(differing, then, now, TOLD);
    if (packages > TOLD)
        add(differing,
            mlg_arena_format(differing->arena, "of installed packages %zu more are not as they were",
                             packages - TOLD));
}

static bool is_in_path(const char *path, const char *part, size_t size)
{
    for (const char *at = path; *at;) {
        const size_t end = strcspn(at, ":");
        if (end == size && memcmp(at, part, size) == 0)
            return true;
        at += end + (at[end] == ':');
    }
    return false;
}

/* "'/a/bin' and '/b'": directories of one list that the other has not; "": none. */
static const char *list_missing(struct differing *differing, const char *path, const char *other)
{
    enum { TOLD = 3 };
    const char *text = "";
    size_t count = 0;
    for (const char *at = path; text && *at;) {
        const size_t size = strcspn(at, ":");
        if (size > 0 && !is_in_path(other, at, size) && count++ < TOLD)
            text = mlg_arena_format(differing->arena, "%s%s'%.*s'", text, *text ? ", " : "", (int)size, at);
        at += size + (at[size] == ':');
    }
    if (text && count > TOLD)
        text = mlg_arena_format(differing->arena, "%s and %zu more", text, count - TOLD);
    differing->failed |= !text;
    return text ? text : "";
}

/* Lists of directories (PATH, PYTHONPATH) are long: what differs in them. */
static void compare_paths(struct differing *differing, const char *name, const char *now, const char *then)
{
    const char *missing = list_missing(differing, now, then), *gone = list_missing(differing, then, now);
    add(differing,
        *missing && *gone ? mlg_arena_format(differing->arena, "the variable %s has %s now, and had %s", name,
                                             missing, gone)
        : *missing
            ? mlg_arena_format(differing->arena, "the variable %s has %s now, and had not", name, missing)
        : *gone ? mlg_arena_format(differing->arena, "the variable %s had %s, and has not now", name, gone)
                : mlg_arena_format(differing->arena, "the variable %s has its directories in another order",
                                   name));
}

/* Variables of one environment that the other has otherwise, or, with `missing`, has not at all. */
static void compare_environment(struct differing *differing, const char *const *ours, const char *ours_root,
                                const char *const *others, const char *others_root, bool missing)
{
    for (; ours && *ours; ours++) {
        const char *equals = strchr(*ours, '=');
        const size_t size = equals ? (size_t)(equals - *ours) : 0;
        const char *name = equals ? mlg_arena_copy(differing->arena, *ours, size) : NULL;
        const char *other = name && others ? mlg_command_variable(others, name) : NULL;
        if (!name || mlg_secret_variable(name, size, equals + 1) || missing == (other != NULL))
            continue;
        const char *value = fresh_text(differing, equals + 1, ours_root);
        const char *then = other ? fresh_text(differing, other, others_root) : NULL;
        if (missing)
            add(differing, mlg_arena_format(differing->arena, "the variable %s is not set now, and was '%s'",
                                            name, value));
        else if (size >= 4 && strcmp(name + size - 4, "PATH") == 0 && strcmp(value, then) != 0 &&
                 (strchr(value, ':') || strchr(then, ':')) && !mlg_secret_variable(name, size, other))
            compare_paths(differing, name, value, then);
        else if (strcmp(value, then) != 0 && !mlg_secret_variable(name, size, other))
            add(differing, mlg_arena_format(differing->arena, "the variable %s is '%s' now, and was '%s'",
                                            name, value, then));
    }
}

static void compare_new(struct differing *differing, const char *const *now, const char *root,
                        const char *const *then)
{
    for (; now && *now; now++) {
        const char *equals = strchr(*now, '=');
        const size_t size = equals ? (size_t)(equals - *now) : 0;
        const char *name = equals ? mlg_arena_copy(differing->arena, *now, size) : NULL;
        if (name && !mlg_secret_variable(name, size, equals + 1) && !mlg_command_variable(then, name))
            add(differing, mlg_arena_format(differing->arena, "the variable %s is '%s' now, and was not set",
                                            name, fresh_text(differing, equals + 1, root)));
    }
}

/* Another commit, and changes that are not committed. */
static void compare_code(struct differing *differing, const struct mlg_manifest_facts *then,
                         const struct mlg_manifest_facts *now)
{
    compare_texts(differing, "the commit of the code", then->commit, now->commit);
    /* Of files that are not tracked now the manifest may be the one. */
    const bool are_known = !then->dirty_problem && !now->dirty_problem;
    if (are_known && now->changed && !then->dirty)
        add(differing, "the code has changes that are not committed, and had none");
    else if (are_known && then->dirty && !now->dirty)
        add(differing, "the code had changes that were not committed, and has none now");
}

struct mlg_texts *mlg_manifest_differences(const struct mlg_manifest *then, const struct mlg_manifest *now,
                                           size_t *weak, struct mlg_arena *arena)
{
    struct differing differing = {.texts = MLG_NEW(arena, struct mlg_texts), .arena = arena};
    /* What a run reads of the code is copied and has digests, but for .git and what it finds elsewhere. */
    const bool has_copies = then->order->inputs.count > 0 && !then->order->workdir;
    if (!differing.texts)
        return NULL;
    compare_files(&differing, "input", &then->inputs, &now->inputs);
    compare_programs(&differing, &then->program, &now->program);
    if (!has_copies)
        compare_code(&differing, &then->facts, &now->facts);
    compare_files(&differing, "lockfile", &then->facts.lockfiles, &now->facts.lockfiles);
    if (then->run_count > 0 && now->run_count > 0 && then->runs[0]->environment &&
        now->runs[0]->environment) {
        const char *const *before = then->runs[0]->environment, *const *after = now->runs[0]->environment;
        compare_environment(&differing, after, now->root, before, then->root, false);
        compare_environment(&differing, before, then->root, after, now->root, true);
        compare_new(&differing, after, now->root, before);
    }
    if (then->root && now->root && strcmp(then->root, now->root) != 0)
        add(&differing,
            mlg_arena_format(arena,
                             "the runs were made in '%s', which cannot be had now; a path that gets "
                             "into what is written is another in '%s'",
                             then->root, now->root));
    compare_texts(&differing, "mlgate", then->version, now->version);
    compare_texts(&differing, "the processor", then->facts.cpu, now->facts.cpu);
    if (!mlg_text_equal(then->facts.cpu_flags, now->facts.cpu_flags))
        add(&differing, "the processor has other flags");
    if (then->facts.machine.processors != now->facts.machine.processors)
        add(&differing, mlg_arena_format(arena, "processors are %u now, and were %u",
                                         now->facts.machine.processors, then->facts.machine.processors));
    compare_texts(&differing, "the architecture", then->facts.machine.architecture,
                  now->facts.machine.architecture);
    compare_texts(&differing, "the kernel", then->facts.machine.kernel, now->facts.machine.kernel);
    compare_texts(&differing, "the C library", then->facts.machine.libc, now->facts.machine.libc);
    const size_t others = differing.texts->count;
    if (has_copies)
        compare_code(&differing, &then->facts, &now->facts);
    *weak = differing.texts->count - others;
    return differing.failed ? NULL : differing.texts;
}

const char *mlg_manifest_changed_files(const struct mlg_manifest_file *then,
                                       const struct mlg_manifest_file *now, struct mlg_arena *arena)
{
    enum { TOLD = 3 };
    const struct mlg_manifest_files *const both[] = {then->files, now->files};
    const char *text = "";
    size_t count = 0;
    if (!then->files || !now->files)
        return text;
    for (size_t side = 0; side < 2; side++) /* what was there, and what is new */
        for (size_t i = 0; i < both[side]->count; i++) {
            const struct mlg_manifest_file *file = &both[side]->items[i];
            const char *other = find_file(both[1 - side], file->path);
            const bool is_same = other && (side == 1 || strcmp(other, file->sha256) == 0);
            if (is_same || count++ >= TOLD)
                continue;
            text = mlg_arena_format(arena, "%s%s'%s' %s", text, count > 1 ? ", " : "", file->path,
                                    other       ? "is changed"
                                    : side == 0 ? "is gone"
                                                : "is new");
            if (!text)
                return NULL;
        }
    return count > TOLD ? mlg_arena_format(arena, "%s and %zu more", text, count - TOLD) : text;
}
