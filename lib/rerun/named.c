/* named.c: what of the disk a command names itself. */
#include "named.h"

#include <string.h>

#include "leftovers.h"
#include "mlgate/text.h"
#include "texts.h"

enum {
    MOST_IN_SCRIPTS = 1000, /* paths in scripts that are looked at */
    MOST_AT_ROOT = 16,
    LONGEST_PATH = 4096
};
/* Bytes of scripts, and of names while they are looked for. */
static const size_t most_memory = (size_t)1 << 28;

struct finding {
    const struct mlg_leftovers_of *of;
    struct mlg_arena *arena;
    struct mlg_named *named;
    size_t in_scripts;
    bool is_script; /* what is looked at is one */
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

static const char *real_path(struct finding *finding, const char *path)
{
    struct mlg_error ignored = {0};
    const struct mlg_world *world = finding->of->world;
    return world->runner->real_path(world->self, path, finding->arena, &ignored);
}

static struct mlg_entry look(struct finding *finding, const char *path)
{
    struct mlg_entry entry = {0};
    struct mlg_error ignored = {0};
    const struct mlg_world *world = finding->of->world;
    if (world->runner->look(world->self, path, &entry, &ignored) != MLG_OK)
        entry.kind = MLG_ENTRY_MISSING;
    return entry;
}

static void add_directory(struct finding *finding, const char *called, const char *real, bool is_itself)
{
    enum { MOST_LISTED = 5000 };
    struct mlg_named *named = finding->named;
    const struct mlg_leftovers_of *of = finding->of;
    struct mlg_error ignored = {0};
    if (!real[1] || is_of_system(real)) /* not all of the disk */
        return;
    /* What holds the project and the runs, too, says nothing of a file in it, nor does what a script names:
     * others may be at work there. */
    is_itself = is_itself && !finding->is_script && !mlg_path_is_below(of->base, real) &&
                !mlg_path_is_below(of->root, real);
    size_t at = 0;
    while (at < named->directory_count && strcmp(named->directories[at].called, called) != 0)
        at++;
    if (at == MLG_MOST_NAMED)
        return;
    struct mlg_named_directory *directory = &named->directories[at];
    if (at == named->directory_count)
        named->directories[named->directory_count++] =
            (struct mlg_named_directory){called, real, .is_of_script = finding->is_script};
    if (!is_itself || directory->is_itself)
        return;
    directory->is_itself = true;
    directory->is_listed = of->world->runner->list(of->world->self, real, MOST_LISTED, finding->arena,
                                                   &directory->before, &ignored) == MLG_OK;
}

/* The first part of a path in "/" of which nothing is there: all that will be is of the command. */
static bool add_at_root(struct finding *finding, const char *path, size_t size)
{
    struct mlg_named *named = finding->named;
    const char *called = mlg_arena_copy(finding->arena, path, size);
    bool is_known = !called || is_of_system(called) || named->at_root_count == MOST_AT_ROOT ||
                    named->directory_count == MLG_MOST_NAMED;
    for (size_t i = 0; !is_known && i < named->directory_count; i++)
        is_known = strcmp(named->directories[i].called, called) == 0;
    if (!is_known) {
        named->at_root_count++;
        named->directories[named->directory_count++] =
            (struct mlg_named_directory){called, called, .is_itself = true, .is_listed = true};
    }
    return called;
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
    const char *dot = strrchr(path, '.'), *library = strstr(path, ".so");
    return mlg_texts_is_code(path) || (dot && strcmp(dot, ".jar") == 0) ||
           (library && (!library[3] || library[3] == '.')) || mlg_text_ends_with(path, "/bin/activate");
}

static bool is_input(struct finding *finding, const char *real)
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

static void add_file(struct finding *finding, const char *real, const struct mlg_entry *entry)
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

static size_t measure_part(const char *text, size_t size)
{
    const char *slash = memchr(text, '/', size);
    return slash ? (size_t)(slash - text) : size;
}

/* A path, which a text goes on behind where it is no `is_whole` one: then its last part is a beginning. */
static bool add_path(struct finding *finding, const char *text, size_t size, bool is_whole)
{
    const size_t whole = size, first = 1 + measure_part(text + 1, size - 1);
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
        if (size <= 1) /* nothing is there but "/" */
            return (first == whole && !is_whole) || add_at_root(finding, text, first);
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
    return at >= size || text[at] == '\0' || strchr(ends, text[at]) ||
           (text[at] == '\\' && at + 1 < size && text[at + 1] == '"'); /* in JSON */
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

/* Among the first `count` whole paths. */
static bool has_path(const struct mlg_named *named, size_t count, const char *text, size_t size)
{
    const size_t end = measure(text, size), length = without_slash(text, end);
    bool has_it = false;
    for (size_t i = 0; i < count && is_end(text, end, size); i++)
        has_it |= strlen(named->paths[i]) == length && memcmp(named->paths[i], text, length) == 0;
    return has_it;
}

bool mlg_named_has(const struct mlg_named *named, const char *text, size_t size)
{
    return has_path(named, named->own_path_count, text, size);
}

static bool add_whole(struct finding *finding, const char *text, size_t size)
{
    struct mlg_named *named = finding->named;
    if (named->path_count == MLG_MOST_PATHS || has_path(named, named->path_count, text, size))
        return true;
    const char *path = mlg_arena_copy(finding->arena, text, without_slash(text, size));
    if (path && !is_of_system(path))
        named->paths[named->path_count++] = path;
    return path;
}

/* As in "${x:-/srv}". */
static bool is_default(const char *text, size_t at)
{
    return at > 1 && text[at - 1] == '-' && text[at - 2] == ':';
}

/* Is it where a path may begin: an argument, a word, a text in quotes? */
static bool may_begin(const char *text, size_t at, size_t size)
{
    return at == 0 || text[at - 1] == '/' || strchr("[`", text[at - 1]) || is_end(text, at - 1, size) ||
           is_default(text, at);
}

/* All paths in a text: an argument, a line for sh, a list with ':' between, a script. */
static bool add_text(struct finding *finding, const char *text, size_t length)
{
    const char *slash;
    bool has_memory = true;
    for (size_t at = 0; has_memory && at < length && (slash = memchr(text + at, '/', length - at));) {
        at = (size_t)(slash - text);
        size_t slashes = 1;
        while (at + slashes < length && text[at + slashes] == '/')
            slashes++;
        const bool is_host = slashes == 2 && at > 0 && text[at - 1] == ':'; /* "http://host/x" */
        at += slashes - 1;                                                  /* "file:///srv/x" */
        const size_t size = measure(text + at, length - at);
        const bool is_whole =
            is_end(text, at + size, length) || (is_default(text, at) && text[at + size] == '}');
        if (may_begin(text, at, length) && !is_host && size > 1 && size < LONGEST_PATH) {
            if (finding->is_script && finding->in_scripts++ == MOST_IN_SCRIPTS)
                return true;
            has_memory = (!is_whole || add_whole(finding, text + at, size)) &&
                         add_path(finding, text + at, size, is_whole);
        }
        at += size + 1;
    }
    return has_memory;
}

bool mlg_named_is_of_programs(const char *variable)
{
    /* Not whatever ends in PATH: MODEL_PATH is a model's. */
    static const char *const names[] = {"PATH",
                                        "LD_LIBRARY_PATH",
                                        "LIBRARY_PATH",
                                        "LD_PRELOAD",
                                        "PYTHONPATH",
                                        "PYTHONHOME",
                                        "CLASSPATH",
                                        "NODE_PATH",
                                        "R_LIBS",
                                        "R_LIBS_USER",
                                        "JULIA_LOAD_PATH",
                                        "PERL5LIB",
                                        "VIRTUAL_ENV",
                                        "CONDA_PREFIX",
                                        "CMAKE_PREFIX_PATH",
                                        "LOCPATH",
                                        "MANPATH",
                                        "CPATH",
                                        "PKG_CONFIG_PATH",
                                        "CONDA_EXE",
                                        "CONDA_PYTHON_EXE"};
    const size_t size = strcspn(variable, "=");
    bool is_one = false;
    for (size_t i = 0; i < sizeof names / sizeof *names && !is_one; i++)
        is_one = strlen(names[i]) == size && strncmp(variable, names[i], size) == 0;
    return is_one;
}

static bool add_words(struct finding *finding, const char *words)
{
    return add_text(finding, words, strlen(words));
}

static bool add_command(struct finding *finding)
{
    const struct mlg_leftovers_of *of = finding->of;
    const struct mlg_rerun_order *order = of->order;
    bool has_memory = !order->shell || add_words(finding, order->shell);
    for (size_t i = 1; has_memory && i < order->arguments.count; i++)
        has_memory = add_words(finding, order->arguments.items[i]);
    for (size_t i = 0; has_memory && order->environment && i < order->environment->count; i++)
        if (order->environment->values[i] && !mlg_named_is_of_programs(order->environment->keys[i]))
            has_memory = add_words(finding, order->environment->values[i]);
    for (size_t i = 0; has_memory && of->world->environment && i < order->inherit.count; i++) {
        const char *value = of->world->environment(of->world->self, order->inherit.items[i]);
        if (value && !mlg_named_is_of_programs(order->inherit.items[i]))
            has_memory = add_words(finding, value);
    }
    for (size_t i = 0; has_memory && i < order->inputs.count; i++) { /* a cache lies beside the data */
        const char *input = order->inputs.items[i], *slash = strrchr(input, '/');
        if (input[0] == '/')
            has_memory = add_path(finding, input, (size_t)(slash - input) + 1, false);
    }
    finding->named->own_path_count = finding->named->path_count;
    return has_memory;
}

/* What the scripts of the command name, or its configuration. False: no memory. */
static bool add_scripts(struct finding *finding)
{
    struct mlg_arena scratch;
    struct mlg_known_texts texts = {.wanted = MLG_TEXTS_SCRIPTS};
    mlg_arena_init(&scratch, most_memory);
    const struct mlg_command_order *command = mlg_texts_command(finding->of, &scratch);
    bool has_memory = command && mlg_texts_add_own(finding->of, command, finding->named, &texts, &scratch) &&
                      mlg_texts_add_files(finding->of, &texts, &scratch);
    finding->is_script = true;
    for (size_t i = 0; has_memory && i < texts.count; i++)
        has_memory = add_text(finding, texts.items[i].bytes, texts.items[i].size);
    mlg_arena_free(&scratch);
    return has_memory;
}

const struct mlg_named *mlg_named_find(const struct mlg_leftovers_of *of, struct mlg_arena *arena)
{
    struct mlg_named *named = MLG_NEW(arena, struct mlg_named);
    struct finding finding = {.of = of, .arena = arena, .named = named};
    if (!named)
        return NULL;
    *named = (struct mlg_named){.file_count = 0};
    return add_command(&finding) && add_scripts(&finding) ? named : NULL;
}
