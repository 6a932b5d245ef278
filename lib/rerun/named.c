/* named.c: what of the disk a command names itself. */
#include "named.h"

#include <string.h>

#include "leftovers.h"

struct finding {
    const struct mlg_leftovers_of *of;
    struct mlg_arena *arena;
    struct mlg_named *named;
};

/* What nobody keeps a model in, or no user may write to. */
static bool is_of_system(const char *path)
{
    static const char *const directories[] = {"/bin",   "/boot",  "/dev",    "/etc", "/lib",
                                              "/lib32", "/lib64", "/libx32", "/nix", "/proc",
                                              "/sbin",  "/snap",  "/sys",    "/usr"};
    bool is_of_system = false;
    for (size_t i = 0; i < sizeof directories / sizeof *directories; i++)
        is_of_system |= mlg_path_is_below(path, directories[i]);
    return is_of_system && !mlg_path_is_below(path, "/dev/shm");
}

static const char *real_path(const struct finding *finding, const char *path)
{
    struct mlg_error ignored = {0};
    const struct mlg_world *world = finding->of->world;
    return world->runner->real_path(world->self, path, finding->arena, &ignored);
}

static struct mlg_entry look(const struct finding *finding, const char *path)
{
    struct mlg_entry entry = {0};
    struct mlg_error ignored = {0};
    const struct mlg_world *world = finding->of->world;
    if (world->runner->look(world->self, path, &entry, &ignored) != MLG_OK)
        entry.kind = MLG_ENTRY_MISSING;
    return entry;
}

static void add_directory(const struct finding *finding, const char *called, const char *real, bool is_itself)
{
    enum { MOST_LISTED = 5000 };
    struct mlg_named *named = finding->named;
    const struct mlg_leftovers_of *of = finding->of;
    struct mlg_error ignored = {0};
    if (!real[1] || is_of_system(real)) /* not all of the disk */
        return;
    /* What holds the project and the runs, too, says nothing of a file in it. */
    is_itself = is_itself && !mlg_path_is_below(of->base, real) && !mlg_path_is_below(of->root, real);
    size_t at = 0;
    while (at < named->directory_count && strcmp(named->directories[at].called, called) != 0)
        at++;
    if (at == MLG_MOST_NAMED)
        return;
    struct mlg_named_directory *directory = &named->directories[at];
    if (at == named->directory_count)
        named->directories[named->directory_count++] =
            (struct mlg_named_directory){called, real, .is_itself = false};
    if (!is_itself || directory->is_itself)
        return;
    directory->is_itself = true;
    directory->is_listed = of->world->runner->list(of->world->self, real, MOST_LISTED, finding->arena,
                                                   &directory->before, &ignored) == MLG_OK;
}

bool mlg_named_is_new(const struct mlg_named_directory *directory, const char *below)
{
    bool is_new = directory->is_listed;
    for (size_t i = 0; is_new && i < directory->before.count; i++)
        is_new = strcmp(directory->before.items[i].path, below) != 0;
    return is_new;
}

/* Nobody has a model made into such a file. */
static bool is_script(const char *path)
{
    static const char *const endings[] = {".py", ".sh", ".R", ".r", ".jl", ".pl", ".rb", ".js", ".jar"};
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (strcmp(dot, endings[i]) == 0)
            return true;
    return false;
}

static bool is_input(const struct finding *finding, const char *real)
{
    const struct mlg_leftovers_of *of = finding->of;
    for (size_t i = 0; i < of->order->inputs.count; i++) {
        const char *name = of->order->inputs.items[i];
        const char *path = name[0] == '/' ? name : mlg_arena_format(finding->arena, "%s/%s", of->base, name);
        const char *there = path ? real_path(finding, path) : NULL;
        if (there && mlg_path_is_below(real, there))
            return true;
    }
    return false;
}

static void add_file(const struct finding *finding, const char *real, const struct mlg_entry *entry)
{
    enum { EXECUTABLE = 0111 };
    struct mlg_named *named = finding->named;
    /* What lies beside mlgate.yaml is told of as a whole where runs find it there. */
    const bool is_shared = !finding->of->is_fresh && mlg_path_is_below(real, finding->of->base);
    if (entry->size == 0 || entry->mode & EXECUTABLE || is_of_system(real) || is_script(real) || is_shared ||
        is_input(finding, real) || named->file_count == MLG_MOST_NAMED)
        return;
    for (size_t i = 0; i < named->file_count; i++)
        if (strcmp(named->files[i], real) == 0)
            return;
    named->files[named->file_count++] = real;
}

/* A path, which a text goes on behind where it is no `is_whole` one: then its last part is a beginning. */
static bool add_path(const struct finding *finding, const char *text, size_t size, bool is_whole)
{
    while (size > 1 && text[size - 1] == '/' && is_whole)
        size--;
    for (bool is_itself = is_whole;; is_itself = false) {
        if (!is_itself)
            while (size > 0 && text[size - 1] != '/')
                size--;
        while (size > 1 && !is_itself && text[size - 1] == '/')
            size--;
        const char *called = mlg_arena_copy(finding->arena, text, size);
        if (!called)
            return false;
        if (size <= 1)
            return true;
        const char *real = real_path(finding, called);
        const struct mlg_entry entry = real ? look(finding, real) : (struct mlg_entry){0};
        if (real && entry.kind == MLG_ENTRY_DIRECTORY) {
            add_directory(finding, called, real, is_itself);
            return true;
        }
        if (real && entry.kind == MLG_ENTRY_FILE && is_itself)
            add_file(finding, real, &entry);
    }
}

/* What stands between paths, in an argument, a line for sh or a list; and what stands for more of one. */
static const char ends[] = " \t\r\n\"';|&<>():,=", holes[] = "${}*?[]`\\";

static bool is_end(const char *text, size_t at, size_t size)
{
    return at >= size || text[at] == '\0' || strchr(ends, text[at]);
}

static size_t measure(const char *text, size_t size)
{
    size_t at = 0;
    while (!is_end(text, at, size) && !strchr(holes, text[at]))
        at++;
    return at;
}

static size_t without_slash(const char *text, size_t size)
{
    while (size > 1 && text[size - 1] == '/')
        size--;
    return size;
}

bool mlg_named_has(const struct mlg_named *named, const char *text, size_t size)
{
    const size_t end = measure(text, size), length = without_slash(text, end);
    bool has_it = false;
    for (size_t i = 0; i < named->path_count && is_end(text, end, size); i++)
        has_it |= strlen(named->paths[i]) == length && memcmp(named->paths[i], text, length) == 0;
    return has_it;
}

static bool add_whole(const struct finding *finding, const char *text, size_t size)
{
    struct mlg_named *named = finding->named;
    if (named->path_count == MLG_MOST_NAMED || mlg_named_has(named, text, size))
        return true;
    const char *path = mlg_arena_copy(finding->arena, text, without_slash(text, size));
    if (path)
        named->paths[named->path_count++] = path;
    return path;
}

/* All paths in a text: an argument, a line for sh, a list with ':' between. */
static bool add_text(const struct finding *finding, const char *text)
{
    const size_t length = strlen(text);
    bool has_memory = true;
    for (size_t at = 0; has_memory && at < length;) {
        const size_t slashes = strspn(text + at, "/");
        const bool is_host = slashes == 2 && at > 0 && text[at - 1] == ':'; /* "http://host/x" */
        at += slashes > 1 ? slashes - 1 : 0;                                /* "file:///srv/x" */
        const size_t size = measure(text + at, length - at);
        const bool is_whole = is_end(text, at + size, length),
                   begins = at == 0 || text[at - 1] == '/' || is_end(text, at - 1, length);
        if (begins && !is_host && size > 1 && text[at] == '/')
            has_memory = (!is_whole || add_whole(finding, text + at, size)) &&
                         add_path(finding, text + at, size, is_whole);
        at += size + 1;
    }
    return has_memory;
}

bool mlg_named_is_of_programs(const char *variable)
{
    const size_t size = strcspn(variable, "=");
    return (size == 11 && strncmp(variable, "VIRTUAL_ENV", size) == 0) ||
           (size >= 4 && strncmp(variable + size - 4, "PATH", 4) == 0);
}

const struct mlg_named *mlg_named_find(const struct mlg_leftovers_of *of, struct mlg_arena *arena)
{
    struct mlg_named *named = MLG_NEW(arena, struct mlg_named);
    const struct finding finding = {of, arena, named};
    const struct mlg_rerun_order *order = of->order;
    if (!named)
        return NULL;
    *named = (struct mlg_named){.file_count = 0};
    bool has_memory = !order->shell || add_text(&finding, order->shell);
    for (size_t i = 1; has_memory && i < order->arguments.count; i++)
        has_memory = add_text(&finding, order->arguments.items[i]);
    for (size_t i = 0; has_memory && order->environment && i < order->environment->count; i++)
        if (order->environment->values[i] && !mlg_named_is_of_programs(order->environment->keys[i]))
            has_memory = add_text(&finding, order->environment->values[i]);
    for (size_t i = 0; has_memory && of->world->environment && i < order->inherit.count; i++) {
        const char *value = of->world->environment(of->world->self, order->inherit.items[i]);
        if (value && !mlg_named_is_of_programs(order->inherit.items[i]))
            has_memory = add_text(&finding, value);
    }
    for (size_t i = 0; has_memory && i < order->inputs.count; i++) { /* a cache lies beside the data */
        const char *input = order->inputs.items[i], *slash = strrchr(input, '/');
        if (input[0] == '/')
            has_memory = add_path(&finding, input, (size_t)(slash - input) + 1, false);
    }
    return has_memory ? named : NULL;
}
