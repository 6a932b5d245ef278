/* texts.c: what can be read of a command, to find the names of files in it. */
#include "texts.h"

#include <string.h>

#include "leftovers.h"
#include "mlgate/world.h"
#include "named.h"

enum {
    LONGEST_TEXT = 1 << 20, /* bytes of a file */
    MOST_TEXTS = 20000,     /* files */
    MOST_SCRIPTS = 2000     /* files, where these alone are wanted */
};
static const uint64_t most_read = (uint64_t)1 << 26; /* bytes */

/* ---- which ------------------------------------------------------------------------------------------- */

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_one_of(const char *text, const char *const *words)
{
    bool is_one = false;
    for (; text && *words; words++)
        is_one |= strcmp(text, *words) == 0;
    return is_one;
}

bool mlg_texts_is_code(const char *path)
{
    static const char *const endings[] = {".py", ".sh",  ".bash", ".R", ".r",     ".jl", ".pl", ".rb",
                                          ".js", ".mjs", ".lua",  ".m", ".ipynb", ".mk", NULL};
    static const char *const names[] = {"Makefile", "makefile", "GNUmakefile", NULL};
    const char *name = last_part(path);
    return is_one_of(strrchr(name, '.'), endings) || is_one_of(name, names);
}

static bool is_configuration(const char *path)
{
    static const char *const endings[] = {".yaml", ".yml",  ".toml", ".json", ".ini",
                                          ".cfg",  ".conf", ".env",  NULL};
    return is_one_of(strrchr(last_part(path), '.'), endings);
}

/* Before it is read. */
static bool may_be_wanted(const struct mlg_known_texts *texts, const char *path)
{
    if (texts->wanted == MLG_TEXTS_ALL)
        return texts->files < MOST_TEXTS;
    if (texts->files == MOST_SCRIPTS)
        return false;
    const bool may_be_code = mlg_texts_is_code(path) || !strchr(last_part(path), '.');
    return (may_be_code && texts->wanted != MLG_TEXTS_CONFIGURATION) ||
           (is_configuration(path) && texts->wanted != MLG_TEXTS_CODE);
}

static bool is_wanted(const struct mlg_known_texts *texts, const char *path, const char *bytes, size_t size)
{
    return texts->wanted == MLG_TEXTS_ALL || is_configuration(path) || mlg_texts_is_code(path) ||
           (size >= 2 && memcmp(bytes, "#!", 2) == 0);
}

/* Scripts that nobody wrote for this project: of tools, or of packages that it uses. */
static bool is_of_others(const struct mlg_known_texts *texts, const char *path)
{
    static const char *const names[] = {"site-packages", "node_modules", NULL};
    bool is_one = false;
    for (const char *slash; texts->wanted != MLG_TEXTS_ALL && (slash = strchr(path, '/')); path = slash + 1) {
        const size_t size = (size_t)(slash - path);
        is_one |= path[0] == '.';
        for (const char *const *name = names; *name; name++)
            is_one |= strlen(*name) == size && memcmp(*name, path, size) == 0;
    }
    return is_one;
}

/* ---- adding ------------------------------------------------------------------------------------------ */

static bool add_text(struct mlg_known_texts *texts, const char *bytes, size_t size, struct mlg_arena *arena)
{
    struct mlg_command_text *items =
        mlg_arena_grow(arena, texts->items, &texts->capacity, texts->count + 1, sizeof *items);
    if (!items)
        return false;
    texts->items = items;
    items[texts->count++] = (struct mlg_command_text){.bytes = bytes, .size = size};
    return true;
}

/* An argument or a variable. */
static bool add_words(struct mlg_known_texts *texts, const char *words, struct mlg_arena *arena)
{
    return texts->wanted != MLG_TEXTS_ALL || add_text(texts, words, strlen(words), arena);
}

static bool add_file(const struct mlg_leftovers_of *of, struct mlg_known_texts *texts, const char *path,
                     struct mlg_arena *arena)
{
    const struct mlg_runner *runner = of->world->runner;
    struct mlg_error ignored = {0};
    struct mlg_entry entry = {0};
    size_t size = 0;
    if (!may_be_wanted(texts, path))
        return true;
    const char *real = runner->real_path(of->world->self, path, arena, &ignored);
    if (!real || runner->look(of->world->self, real, &entry, &ignored) != MLG_OK ||
        entry.kind != MLG_ENTRY_FILE || entry.size > LONGEST_TEXT ||
        texts->read + (uint64_t)entry.size > most_read)
        return true;
    texts->files++;
    texts->read += (uint64_t)entry.size;
    const char *bytes = mlg_world_read_file(of->world, real, LONGEST_TEXT, arena, &size, &ignored);
    return !bytes || !is_wanted(texts, path, bytes, size) || add_text(texts, bytes, size, arena);
}

/* `entries`: what lies beside mlgate.yaml. */
static bool add_each(const struct mlg_leftovers_of *of, const struct mlg_entries *entries,
                     enum mlg_texts_kind wanted, struct mlg_known_texts *texts, struct mlg_arena *arena)
{
    bool has_memory = true;
    texts->wanted = wanted;
    for (size_t i = 0; has_memory && of->is_fresh && i < of->order->inputs.count; i++)
        for (size_t k = 0; has_memory && k < of->inputs[i].count; k++) {
            const char *name = of->order->inputs.items[i], *below = of->inputs[i].files[k].path;
            if (is_of_others(texts, below))
                continue;
            const char *path = mlg_arena_format(arena, "%s%s%s%s%s", name[0] == '/' ? "" : of->base,
                                                name[0] == '/' ? "" : "/", name, below[0] ? "/" : "", below);
            has_memory = path && add_file(of, texts, path, arena);
        }
    for (size_t i = 0; has_memory && i < entries->count; i++) {
        const char *below = entries->items[i].path;
        if (entries->items[i].kind != MLG_ENTRY_FILE || is_of_others(texts, below))
            continue;
        const char *path = mlg_arena_format(arena, "%s/%s", of->base, below);
        has_memory = path && add_file(of, texts, path, arena);
    }
    return has_memory;
}

bool mlg_texts_add_files(const struct mlg_leftovers_of *of, struct mlg_known_texts *texts,
                         struct mlg_arena *arena)
{
    struct mlg_entries entries = {0};
    struct mlg_error ignored = {0};
    if (!of->is_fresh)
        of->world->runner->list(of->world->self, of->base, MOST_TEXTS, arena, &entries, &ignored);
    if (texts->wanted == MLG_TEXTS_ALL)
        return add_each(of, &entries, MLG_TEXTS_ALL, texts, arena);
    return add_each(of, &entries, MLG_TEXTS_CODE, texts, arena) &&
           add_each(of, &entries, MLG_TEXTS_CONFIGURATION, texts, arena);
}

/* The program, where it is a script that PATH leads to. */
static bool add_program(const struct mlg_leftovers_of *of, const struct mlg_command_order *command,
                        struct mlg_known_texts *texts, struct mlg_arena *arena)
{
    const char *name = command->arguments[0];
    const char *path = name && !strchr(name, '/')
                           ? mlg_command_find(of->world, command->environment, "", name, arena)
                           : NULL;
    return !path || add_file(of, texts, path, arena);
}

const struct mlg_command_order *mlg_texts_command(const struct mlg_leftovers_of *of, struct mlg_arena *arena)
{
    const struct mlg_rerun_order *order = of->order;
    struct mlg_command_order *command = MLG_NEW(arena, struct mlg_command_order);
    const char **arguments = MLG_NEW_ARRAY(arena, const char *, order->arguments.count + 2);
    if (!command || !arguments)
        return NULL;
    for (size_t i = 0; i < order->arguments.count; i++)
        arguments[i] = order->arguments.items[i];
    if (order->shell)
        arguments[0] = order->shell;
    *command = (struct mlg_command_order){
        .arguments = arguments, .environment = of->environment, .directory = of->directory};
    return command;
}

bool mlg_texts_add_own(const struct mlg_leftovers_of *of, const struct mlg_command_order *command,
                       const struct mlg_named *named, struct mlg_known_texts *texts, struct mlg_arena *arena)
{
    const char *directory = of->is_fresh ? of->base : command->directory;
    bool has_memory = true;
    for (size_t i = 0; has_memory && command->arguments[i]; i++) {
        const char *argument = command->arguments[i];
        const char *path =
            argument[0] == '/' ? argument : mlg_arena_format(arena, "%s/%s", directory, argument);
        has_memory = path && add_words(texts, argument, arena) && add_file(of, texts, path, arena);
    }
    for (size_t i = 0; has_memory && command->environment[i]; i++)
        has_memory = mlg_named_is_of_programs(command->environment[i]) ||
                     add_words(texts, command->environment[i], arena);
    for (size_t i = 0; has_memory && named && i < named->path_count; i++)
        if (mlg_texts_is_code(named->paths[i]) || is_configuration(named->paths[i]))
            has_memory = add_file(of, texts, named->paths[i], arena);
    has_memory = has_memory && add_program(of, command, texts, arena);
    texts->own = texts->count;
    return has_memory;
}
