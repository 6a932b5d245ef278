/* originals.c: whether the first run reads what its inputs were copied from, or what an editable install in
 * them, or in the environment of Python of the command, leads to, and not the copies in its own directory:
 * then these tell nothing of what it does.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "mlgate/manifest.h"
#include "mlgate/text.h"
#include "rerun_private.h"
#include "texts.h"

enum {
    MOST_ORIGINALS = 4096, /* files */
    MOST_LISTED = 100000,
    LONGEST_LEAD = 1 << 16 /* bytes of a file that leads Python elsewhere */
};

struct originals {
    const struct mlg_rerun *rerun;
    struct mlg_leftovers *left;
    size_t room;
    bool has_memory;
};

static const char *real_path(const struct originals *originals, const char *path)
{
    const struct mlg_rerun *rerun = originals->rerun;
    struct mlg_error ignored = {0};
    return path ? rerun->runner->real_path(rerun->world->self, path, rerun->arena, &ignored) : NULL;
}

/* What an absolute input names is meant to be read where it lies. */
static bool is_meant(const struct originals *originals, const char *real)
{
    const struct mlg_texts *inputs = &originals->rerun->order->inputs;
    bool is_meant = false;
    for (size_t i = 0; i < inputs->count && !is_meant; i++) {
        const char *input = inputs->items[i][0] == '/' ? real_path(originals, inputs->items[i]) : NULL;
        is_meant = input && mlg_path_is_below(real, input);
    }
    return is_meant;
}

/* `clause`: what is told of it, where it is read. */
static void add(struct originals *originals, const char *real, const char *clause)
{
    struct mlg_leftovers *left = originals->left;
    originals->has_memory = originals->has_memory && clause;
    if (!clause || originals->room == 0 || is_meant(originals, real))
        return;
    originals->room--;
    left->paths[left->count] = real;
    left->items[left->count++] = (struct mlg_leftover){.path = real, .original = clause};
}

/* ---- what was copied --------------------------------------------------------------------------------- */

/* What tools keep for themselves, and environments of Python: these are read where they lie where the command
 * names a program in them so. */
static bool is_of_tools(const struct originals *originals, const char *name)
{
    const struct mlg_rerun *rerun = originals->rerun;
    struct mlg_error ignored = {0};
    if (strstr(name, "site-packages/") || name[0] == '.' || strstr(name, "/."))
        return true;
    for (const char *slash = name; (slash = strchr(slash, '/')); slash++) {
        struct mlg_entry entry = {0};
        const char *mark =
            mlg_arena_format(rerun->arena, "%s/%.*s/pyvenv.cfg", rerun->base, (int)(slash - name), name);
        if (!mark || (rerun->runner->look(rerun->world->self, mark, &entry, &ignored) == MLG_OK &&
                      entry.kind == MLG_ENTRY_FILE))
            return true;
    }
    return false;
}

/* "src/__pycache__/a.cpython-311.pyc" as "src/a.py". NULL: it is none of these, or no memory. */
static const char *source_of(const char *path, struct mlg_arena *arena)
{
    static const char between[] = "__pycache__/";
    const char *found = mlg_text_ends_with(path, ".pyc") ? strstr(path, between) : NULL;
    const char *name = found ? found + sizeof between - 1 : NULL;
    return name && !strchr(name, '/') ? mlg_arena_format(arena, "%.*s%.*s.py", (int)(found - path), path,
                                                         (int)strcspn(name, "."), name)
                                      : NULL;
}

/* `name`: of the source, where the file `path` is what was compiled from it; both seen from mlgate.yaml. */
static void add_copied(struct originals *originals, const char *path, const char *name)
{
    const struct mlg_rerun *rerun = originals->rerun;
    struct mlg_arena *arena = rerun->arena;
    while (name && strncmp(name, "./", 2) == 0)
        name += 2;
    if (!path || !name || is_of_tools(originals, name))
        return;
    const char *real = real_path(originals, mlg_arena_format(arena, "%s/%s", rerun->base, path));
    if (real && mlg_path_is_below(real, rerun->base))
        add(originals, real,
            mlg_arena_format(arena, "'%s' where it lies, and not the copy in its own directory", name));
}

/* Of one input the code, or all else. */
static void add_input(struct originals *originals, size_t index, bool is_code)
{
    const struct mlg_rerun *rerun = originals->rerun;
    const struct mlg_input *input = &rerun->inputs[index];
    const char *name = rerun->order->inputs.items[index];
    for (size_t i = 0; i < input->count && originals->room > 0; i++) {
        const struct mlg_input_file *file = &input->files[i];
        if (file->seen.kind != MLG_ENTRY_FILE || file->seen.size == 0 ||
            mlg_texts_is_code(file->path[0] ? file->path : name) != is_code)
            continue;
        const char *called = mlg_input_file_name(name, file, rerun->arena);
        add_copied(originals, called, called);
    }
}

/* What Python compiled beside its sources it reads in their place, and looks at these alone from outside. */
static void add_compiled(struct originals *originals, const char *name)
{
    const struct mlg_rerun *rerun = originals->rerun;
    struct mlg_arena *arena = rerun->arena;
    struct mlg_entries entries = {0};
    struct mlg_error ignored = {0};
    const char *real = real_path(originals, mlg_arena_format(arena, "%s/%s", rerun->base, name));
    if (!real ||
        rerun->runner->list(rerun->world->self, real, MOST_LISTED, arena, &entries, &ignored) != MLG_OK)
        return;
    for (size_t i = 0; i < entries.count && originals->room > 0; i++) {
        const char *source = source_of(entries.items[i].path, arena);
        const struct mlg_input_file compiled = {.path = entries.items[i].path}, file = {.path = source};
        if (source)
            add_copied(originals, mlg_input_file_name(name, &compiled, arena),
                       mlg_input_file_name(name, &file, arena));
    }
}

/* ---- where an editable install leads to ---------------------------------------------------------------- */

static void add_below(struct originals *originals, const char *directory, const char *lead)
{
    const struct mlg_rerun *rerun = originals->rerun;
    struct mlg_arena *arena = rerun->arena;
    struct mlg_entries entries = {0};
    struct mlg_error ignored = {0};
    const char *real = real_path(originals, directory);
    if (!real || !real[1] || mlg_path_is_below(real, "/usr") || strstr(real, "-packages") ||
        mlg_path_is_below(real, rerun->base) || /* it is an original, or no input */
        rerun->runner->list(rerun->world->self, real, MOST_LISTED, arena, &entries, &ignored) != MLG_OK)
        return;
    for (size_t i = 0; i < entries.count && originals->room > 0; i++) {
        const char *path = entries.items[i].path, *source = source_of(path, arena);
        const char *whole =
            source || mlg_text_ends_with(path, ".py") ? mlg_arena_format(arena, "%s/%s", real, path) : NULL;
        if (whole && entries.items[i].kind == MLG_ENTRY_FILE && entries.items[i].size > 0)
            add(originals, whole,
                mlg_arena_format(arena, "'%s/%s', to which '%s' leads Python, and no copy", real,
                                 source ? source : path, lead));
    }
}

/* "__editable__.churn-1.pth" names a directory in each line, "__editable___churn_1_finder.py" packages:
 * MAPPING = {'churn': '/srv/churn'}. */
static void follow(struct originals *originals, const char *lead)
{
    const struct mlg_rerun *rerun = originals->rerun;
    struct mlg_arena *arena = rerun->arena;
    struct mlg_error ignored = {0};
    size_t size = 0;
    const bool is_mapping = mlg_text_ends_with(lead, "_finder.py");
    const char *path = mlg_rerun_within(rerun->base, lead, arena);
    const char *text =
        path ? mlg_world_read_file(rerun->world, path, LONGEST_LEAD, arena, &size, &ignored) : NULL;
    text = text && is_mapping ? strstr(text, "MAPPING") : text;
    for (const char *line = text; line && *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const size_t length = strcspn(line, "\r\n");
        const char *start = line, *end = line + length;
        while (is_mapping && start + 1 < end && strncmp(start, "'/", 2) != 0)
            start++;
        start += is_mapping;
        if (start >= end || *start != '/')
            continue;
        const size_t used = is_mapping ? strcspn(start, "'\n") : (size_t)(end - start);
        const char *directory = mlg_arena_copy(arena, start, used);
        if (directory)
            add_below(originals, directory, lead);
        if (is_mapping)
            break;
    }
}

static bool is_lead(const char *path)
{
    const char *name = mlg_rerun_last_part(path);
    const bool is_finder = strncmp(name, "__editable__", 12) == 0 && mlg_text_ends_with(name, "_finder.py");
    return strstr(path, "site-packages/") && (is_finder || mlg_text_ends_with(name, ".pth"));
}

static void follow_input(struct originals *originals, size_t index)
{
    const struct mlg_rerun *rerun = originals->rerun;
    for (size_t i = 0; i < rerun->inputs[index].count; i++) {
        const struct mlg_input_file *file = &rerun->inputs[index].files[i];
        const char *lead = is_lead(file->path)
                               ? mlg_input_file_name(rerun->order->inputs.items[index], file, rerun->arena)
                               : NULL;
        if (lead)
            follow(originals, lead);
    }
}

/* Of the environment of Python, if it is one, whose programs lie in `directory`. */
static void follow_environment(struct originals *originals, const char *directory)
{
    const struct mlg_rerun *rerun = originals->rerun;
    struct mlg_arena *arena = rerun->arena;
    struct mlg_entries entries = {0};
    struct mlg_entry mark = {0};
    struct mlg_error ignored = {0};
    const char *config = mlg_arena_format(arena, "%s/../pyvenv.cfg", directory);
    const char *packages = real_path(originals, mlg_arena_format(arena, "%s/../lib", directory));
    if (!config || !packages || rerun->runner->look(rerun->world->self, config, &mark, &ignored) != MLG_OK ||
        mark.kind != MLG_ENTRY_FILE ||
        rerun->runner->list(rerun->world->self, packages, MOST_LISTED, arena, &entries, &ignored) != MLG_OK)
        return;
    for (size_t i = 0; i < entries.count; i++) {
        const char *lead = is_lead(entries.items[i].path)
                               ? mlg_arena_format(arena, "%s/%s", packages, entries.items[i].path)
                               : NULL;
        if (lead)
            follow(originals, lead);
    }
}

/* Those of the Python that the command runs, and on PATH. */
static void follow_command(struct originals *originals)
{
    const struct mlg_rerun *rerun = originals->rerun;
    const struct mlg_rerun_view view = mlg_rerun_look(rerun);
    const char *part = mlg_command_variable(rerun->common.environment, "PATH"), *python = NULL;
    struct mlg_error ignored = {0};
    if (mlg_manifest_find_python(rerun->world, &view, rerun->arena, &python, &ignored) == MLG_OK && python) {
        const char *directory =
            mlg_arena_copy(rerun->arena, python, (size_t)(mlg_rerun_last_part(python) - python));
        if (directory)
            follow_environment(originals, directory);
    }
    for (size_t size; part && *part; part += size + (part[size] == ':')) {
        size = strcspn(part, ":");
        const char *directory = part[0] == '/' ? mlg_arena_copy(rerun->arena, part, size) : NULL;
        if (directory)
            follow_environment(originals, directory);
    }
}

/* ---- both ---------------------------------------------------------------------------------------------- */

int mlg_rerun_watch_originals(const struct mlg_rerun *rerun, struct mlg_leftovers *left,
                              struct mlg_error *error)
{
    const struct mlg_texts *inputs = &rerun->order->inputs;
    struct originals originals = {.rerun = rerun, .left = left, .room = MOST_ORIGINALS, .has_memory = true};
    struct mlg_leftover *items =
        MLG_NEW_ARRAY(rerun->arena, struct mlg_leftover, left->count + MOST_ORIGINALS);
    const char **paths = MLG_NEW_ARRAY(rerun->arena, const char *, left->count + MOST_ORIGINALS + 1);
    if (!items || !paths)
        return mlg_rerun_no_memory(error);
    for (size_t i = 0; i < left->count; i++) {
        items[i] = left->items[i];
        paths[i] = left->paths[i];
    }
    left->items = items;
    left->paths = paths;
    for (size_t i = 0; i < inputs->count; i++)
        if (inputs->items[i][0] != '/') {
            add_input(&originals, i, true);
            add_compiled(&originals, inputs->items[i]);
            follow_input(&originals, i);
        }
    follow_command(&originals);
    for (size_t i = 0; i < inputs->count; i++)
        if (inputs->items[i][0] != '/')
            add_input(&originals, i, false);
    return originals.has_memory ? MLG_OK : mlg_rerun_no_memory(error);
}
