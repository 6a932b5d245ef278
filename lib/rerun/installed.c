/* installed.c: the program that a command runs, and which packages lie beside it where that is a Python; from
 * names of files alone, nothing is run. */
#include <stdlib.h>
#include <string.h>

#include "mlgate/content.h"
#include "mlgate/manifest.h"
#include "rerun_private.h"

enum { MOST_NAMES = 100000 /* of a directory */, MOST_WORDS = 1000, SMALL_FILE = 64 * 1024 };

struct looking {
    const struct mlg_world *world;
    const struct mlg_rerun_order *order;
    const char *directory; /* that relative paths are seen from */
    const char *const *environment;
    struct mlg_arena *arena;
    struct mlg_manifest_program *program;
    size_t capacity;
    bool has_no_memory;
};

static int no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory for the manifest");
}

/* The two as a path, or nothing where there is no memory or no first one. */
static const char *join(struct looking *looking, const char *directory, const char *name)
{
    const char *path =
        directory ? mlg_arena_format(looking->arena, "%s%s%s", directory, *name ? "/" : "", name) : NULL;
    looking->has_no_memory |= directory && !path;
    return path;
}

/* The directory above; NULL: there is none. */
static const char *above(struct looking *looking, const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    const size_t size = !slash ? 0 : slash == path ? 1 : (size_t)(slash - path);
    const char *copy = size && path[1] ? mlg_arena_copy(looking->arena, path, size) : NULL;
    looking->has_no_memory |= size && path[1] && !copy;
    return copy;
}

static const char *real_path(const struct looking *looking, const char *path)
{
    struct mlg_error ignored;
    return looking->world->runner->real_path(looking->world->self, path, looking->arena, &ignored);
}

static const char *read_small(const struct looking *looking, const char *path)
{
    struct mlg_error ignored;
    size_t size;
    return path ? mlg_world_read_file(looking->world, path, SMALL_FILE, looking->arena, &size, &ignored)
                : NULL;
}

static bool is_python(const char *word)
{
    static const char name[] = "python";
    const char *last = mlg_rerun_last_part(word), *rest = last + sizeof name - 1;
    return strncmp(last, name, sizeof name - 1) == 0 && rest[strspn(rest, "0123456789.")] == '\0';
}

/* ---- which program ---------------------------------------------------------------------------------------
 */

/* Where the program that is called so lies; NULL: nowhere. */
static const char *find(struct looking *looking, const char *name)
{
    return mlg_command_find(looking->world, looking->environment, looking->directory, name, looking->arena);
}

/* The words of the command, in the order in which they stand; of a text for sh those between what it parts
 * words at. */
static const char *const *list_words(struct looking *looking)
{
    static const char parting[] = " \t\r\n;&|()<>`\"'=$";
    const struct mlg_texts *arguments = &looking->order->arguments;
    const char **words = MLG_NEW_ARRAY(looking->arena, const char *, MOST_WORDS + 1);
    size_t count = 0;
    const char *at = looking->order->shell;
    for (size_t i = 0; words && !at && i < arguments->count && count < MOST_WORDS; i++)
        words[count++] = arguments->items[i];
    while (words && at && *(at += strspn(at, parting)) && count < MOST_WORDS) {
        const size_t size = strcspn(at, parting);
        if (!(words[count++] = mlg_arena_copy(looking->arena, at, size)))
            words = NULL;
        at += size;
    }
    looking->has_no_memory |= !words;
    return words;
}

/* What the first line of a script calls; NULL: it is none. */
static const char *find_interpreter(struct looking *looking, const char *path)
{
    struct mlg_file file;
    struct mlg_error ignored;
    char line[256] = "";
    const struct mlg_world *world = looking->world;
    if (!path || world->open(world->self, path, &file, &ignored) != MLG_OK)
        return NULL;
    const int64_t got = world->read(world->self, &file, 0, line, sizeof line - 1, &ignored);
    world->close(world->self, &file);
    if (got < 3 || line[0] != '#' || line[1] != '!')
        return NULL;
    line[strcspn(line, "\n")] = '\0';
    const char *word = line + 2 + strspn(line + 2, " "), *env = "/usr/bin/env ";
    if (strncmp(word, env, strlen(env)) == 0)
        word += strlen(env);
    const char *name = mlg_arena_copy(looking->arena, word, strcspn(word, " \t\r"));
    looking->has_no_memory |= !name;
    return name ? find(looking, name) : NULL;
}

static bool is_among(const char *name, const char *const *list)
{
    for (; *list; list++)
        if (strcmp(name, *list) == 0)
            return true;
    return false;
}

/* The Python that the command runs, as far as its words say so; NULL: they do not. */
static const char *find_python(struct looking *looking, const char *const *words, const char *first)
{
    static const char *const of_project[] = {"uv", "poetry", "pipenv", "pdm", "rye", NULL};
    static const char *const elsewhere[] = {"conda", "mamba", "micromamba", "pixi", "hatch", "docker", NULL};
    static const char *const shells[] = {"sh", "bash", "dash", "zsh", "make", "just", NULL};
    static const char *const active[] = {"VIRTUAL_ENV", "CONDA_PREFIX"};
    static const char activate[] = "/bin/activate";
    const char *script = find_interpreter(looking, first);
    const char *found = NULL;
    for (const char *const *word = words; *word && !is_python(*word); word++) {
        if (is_among(mlg_rerun_last_part(*word), of_project))
            return find(looking, ".venv/bin/python");
        if (is_among(mlg_rerun_last_part(*word), elsewhere))
            return NULL;
    }
    for (const char *const *word = words; *word && !found; word++) {
        const size_t size = strlen(*word), end = sizeof activate - 1;
        if (size > end && strcmp(*word + size - end, activate) == 0)
            found =
                find(looking, join(looking, mlg_arena_copy(looking->arena, *word, size - end), "bin/python"));
    }
    for (const char *const *word = words; *word && !found; word++)
        found = is_python(*word) ? find(looking, *word) : NULL;
    if (!found && script && is_python(script))
        found = script;
    if (!found &&
        (script || looking->order->shell || (words[0] && is_among(mlg_rerun_last_part(words[0]), shells))))
        for (size_t i = 0; i < 2 && !found; i++) {
            const char *root =
                looking->environment ? mlg_command_variable(looking->environment, active[i]) : NULL;
            const char *path = root && root[0] == '/' ? join(looking, root, "bin/python") : NULL;
            found = path ? find(looking, path) : NULL;
        }
    return found;
}

/* ---- its packages ----------------------------------------------------------------------------------------
 */

/* "scikit_learn" and "Scikit-Learn" are one name to who installs them. */
static const char *plain_name(struct looking *looking, const char *text, size_t size)
{
    char *name = mlg_arena_alloc(looking->arena, size + 1, 1);
    size_t used = 0;
    looking->has_no_memory |= !name;
    for (size_t i = 0; name && i < size; i++) {
        const bool parts = strchr("-_.", text[i]) != NULL;
        if (parts && used > 0 && name[used - 1] == '-')
            continue;
        name[used++] = parts ? '-' : text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
    }
    if (name)
        name[used] = '\0';
    return name;
}

/* "NAME-VERSION.dist-info", "NAME-VERSION-py3.11.egg-info", "NAME.egg-info" of what is installed as it lies
 * elsewhere. */
static void add_package(struct looking *looking, const char *entry, size_t place)
{
    static const char *const endings[] = {".dist-info", ".egg-info"};
    struct mlg_manifest_program *program = looking->program;
    size_t size = strlen(entry);
    bool is_one = false;
    for (size_t i = 0; i < 2 && !is_one; i++) {
        const size_t end = strlen(endings[i]);
        is_one = size > end && strcmp(entry + size - end, endings[i]) == 0;
        size -= is_one ? end : 0;
    }
    const char *dash = is_one ? memchr(entry, '-', size) : NULL;
    const char *version = dash ? dash + 1 : entry + size;
    size_t version_size = (size_t)(entry + size - version);
    const char *python = dash ? memchr(version, '-', version_size) : NULL;
    version_size = python ? (size_t)(python - version) : version_size;
    if (!is_one || entry[0] == '~') /* what pip leaves of one that it could not remove */
        return;
    struct mlg_manifest_package *items = mlg_arena_grow(looking->arena, program->packages, &looking->capacity,
                                                        program->package_count + 1, sizeof *items);
    const char *name = plain_name(looking, entry, dash ? (size_t)(dash - entry) : size);
    const char *text = mlg_arena_copy(looking->arena, version, version_size);
    looking->has_no_memory |= !items || !text;
    if (!items || !name || !text)
        return;
    program->packages = items;
    items[program->package_count++] =
        (struct mlg_manifest_package){.name = name, .version = text, .place = place};
}

/* Where it is a directory. */
static bool list_names(const struct looking *looking, const char *directory, struct mlg_entries *names)
{
    const struct mlg_runner *runner = looking->world->runner;
    struct mlg_error ignored;
    return runner->list_names && directory &&
           runner->list_names(looking->world->self, directory, MOST_NAMES, looking->arena, names, &ignored) ==
               MLG_OK;
}

static void add_directory(struct looking *looking, const char *directory, size_t *place)
{
    struct mlg_entries names = {0};
    if (!list_names(looking, directory, &names))
        return;
    looking->program->has_packages = true;
    for (size_t i = 0; i < names.count; i++)
        add_package(looking, names.items[i].path, *place);
    ++*place;
}

/* Those below PREFIX/lib. `version` is "python3.11", or "" where every one counts. */
static void add_prefix(struct looking *looking, const char *prefix, const char *version, size_t *place)
{
    static const char *const below[] = {"site-packages", "dist-packages"};
    struct mlg_entries names = {0};
    const char *lib = join(looking, prefix, "lib");
    const bool is_of_system = prefix && strcmp(prefix, "/usr") == 0;
    if (is_of_system)
        add_prefix(looking, "/usr/local", version, place);
    if (!list_names(looking, lib, &names))
        return;
    for (size_t i = 0; i < names.count; i++) {
        const bool is_its_own = *version ? strcmp(names.items[i].path, version) == 0
                                         : strncmp(names.items[i].path, "python3.", 8) == 0;
        for (size_t k = 0; is_its_own && k < 2; k++)
            add_directory(looking, join(looking, join(looking, lib, names.items[i].path), below[k]), place);
    }
    if (is_of_system)
        add_directory(looking, "/usr/lib/python3/dist-packages", place);
}

/* The line "NAME = VALUE" of pyvenv.cfg; NULL: there is none. */
static const char *find_setting(struct looking *looking, const char *text, const char *name)
{
    const size_t size = strlen(name);
    while (text && *text) {
        const char *rest = text + size;
        if (strncmp(text, name, size) == 0 && rest[strspn(rest, " ")] == '=') {
            rest += strspn(rest, " ") + 1;
            rest += strspn(rest, " ");
            return mlg_arena_copy(looking->arena, rest, strcspn(rest, "\r\n"));
        }
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return NULL;
}

static int compare_packages(const void *a, const void *b)
{
    const struct mlg_manifest_package *x = a, *y = b;
    const int order = strcmp(x->name, y->name);
    return order                  ? order
           : x->place != y->place ? (x->place > y->place) - (x->place < y->place)
                                  : strcmp(x->version, y->version);
}

/* In the order of names; of two of one name in several directories the one that is found first, of two in the
 * same both versions. */
static void settle(struct looking *looking)
{
    struct mlg_manifest_program *program = looking->program;
    size_t kept = 0;
    if (program->package_count > 0)
        qsort(program->packages, program->package_count, sizeof *program->packages, compare_packages);
    for (size_t i = 0; i < program->package_count; i++) {
        struct mlg_manifest_package *package = &program->packages[i],
                                    *last = kept ? &program->packages[kept - 1] : NULL;
        if (!last || strcmp(last->name, package->name) != 0) {
            program->packages[kept++] = *package;
        } else if (last->place == package->place && strcmp(last->version, package->version) != 0) {
            last->version = mlg_arena_format(looking->arena, "%s and %s", last->version, package->version);
            looking->has_no_memory |= !last->version;
            if (!last->version)
                return;
        }
    }
    program->package_count = kept;
}

static void find_packages(struct looking *looking, const char *python)
{
    struct mlg_manifest_program *program = looking->program;
    const char *bin = above(looking, python), *root = above(looking, bin), *real = real_path(looking, python);
    const char *settings = read_small(looking, join(looking, root, "pyvenv.cfg"));
    const char *of_version = real ? mlg_rerun_last_part(real) : "";
    size_t place = 0;
    if (strncmp(of_version, "python3.", 8) != 0)
        of_version = "";
    const char *more = looking->environment ? mlg_command_variable(looking->environment, "PYTHONPATH") : NULL;
    while (more && *more) {
        const size_t size = strcspn(more, ":");
        if (more[0] == '/')
            add_directory(looking, mlg_arena_copy(looking->arena, more, size), &place);
        more += size + (more[size] == ':');
    }
    program->has_packages = false; /* what lies there are not those of the Python */
    const char *system = settings ? find_setting(looking, settings, "include-system-site-packages") : NULL;
    if (settings)
        add_prefix(looking, root, of_version, &place);
    if (!settings || (system && strcmp(system, "true") == 0))
        add_prefix(looking, above(looking, above(looking, real)), of_version, &place);
    settle(looking);
    program->packages_problem = !program->has_packages ? "where the packages of its Python lie is not known"
                                : program->package_count > MLG_MANIFEST_PACKAGES
                                    ? "there are more of them than are written down"
                                    : NULL;
    program->has_packages = !program->packages_problem;
}

static int look_for_program(struct looking *looking, const struct mlg_rerun_view *view, const char **first,
                            const char **python, struct mlg_error *error)
{
    const struct mlg_rerun_order *order = view->order;
    if (order->workdir)
        looking->directory =
            order->workdir[0] == '/' ? order->workdir : join(looking, view->base, order->workdir);
    const char *const *words = list_words(looking);
    if (!words || !looking->directory)
        return no_memory(error);
    *first = order->shell ? "/bin/sh" : words[0] ? find(looking, words[0]) : NULL;
    *python = find_python(looking, words, *first);
    return looking->has_no_memory ? no_memory(error) : MLG_OK;
}

int mlg_manifest_find_python(const struct mlg_world *world, const struct mlg_rerun_view *view,
                             struct mlg_arena *arena, const char **python, struct mlg_error *error)
{
    const char *first;
    struct looking looking = {.world = world,
                              .order = view->order,
                              .directory = view->base,
                              .environment = view->environment,
                              .arena = arena};
    *python = NULL;
    return look_for_program(&looking, view, &first, python, error);
}

int mlg_manifest_find_program(const struct mlg_world *world, const struct mlg_rerun_view *view,
                              struct mlg_arena *arena, struct mlg_manifest_program *program,
                              struct mlg_error *error)
{
    struct looking looking = {.world = world,
                              .order = view->order,
                              .directory = view->base,
                              .environment = view->environment,
                              .arena = arena,
                              .program = program};
    struct mlg_error ignored;
    uint64_t size;
    *program = (struct mlg_manifest_program){.packages_problem = "the command names no Python"};
    if (!world->runner || !world->runner->real_path || !world->runner->look)
        return MLG_OK;
    const char *first = NULL, *python = NULL;
    const int code = look_for_program(&looking, view, &first, &python, error);
    if (code != MLG_OK)
        return code;
    program->path = python ? python : first;
    if (program->path && mlg_file_digest(world, program->path, program->sha256, &size, &ignored) != MLG_OK)
        program->sha256[0] = '\0';
    if (python)
        find_packages(&looking, python);
    return looking.has_no_memory ? no_memory(error) : MLG_OK;
}
