/* command.c: the environment of a command, and what its outcome means in words. */
#include "mlgate/command.h"

#include <stdlib.h>
#include <string.h>

#include "mlgate/param.h"
#include "mlgate/text.h"
#include "mlgate/world.h"

/* ---- environment ------------------------------------------------------------------------------------- */

const char *const mlg_command_inherited[] = {
    "PATH",          "LANG",    "LANGUAGE",    "LC_*",    "LOCPATH",         "TZ",
    "USER",          "LOGNAME", "VIRTUAL_ENV", "CONDA_*", "LD_LIBRARY_PATH", "PYTHON*",
    "JAVA_HOME",     "R_HOME",  "R_LIBS*",     "OMP_*",   "MKL_*",           "OPENBLAS_*",
    "NUMEXPR_*",     "CUDA_*",  "NVIDIA_*",    "ROCR_*",  "HIP_*",           "SSL_CERT_*",
    "SOURCE_DATE_*", NULL};

const char *const mlg_command_own_directories[] = {"home",  "tmp",     "cache",     "config", "data",
                                                   "state", "runtime", "elsewhere", NULL};

static const char *const own_variables[][2] = {{"HOME", "home"},
                                               {"TMPDIR", "tmp"},
                                               {"XDG_CACHE_HOME", "cache"},
                                               {"XDG_CONFIG_HOME", "config"},
                                               {"XDG_DATA_HOME", "data"},
                                               {"XDG_STATE_HOME", "state"},
                                               {"XDG_RUNTIME_DIR", "runtime"}};

static bool is_listed(const char *const *list, const char *name, size_t size)
{
    for (; *list; list++) {
        const size_t length = strlen(*list);
        const bool is_beginning = length > 0 && (*list)[length - 1] == '*';
        if (is_beginning ? size >= length - 1 && memcmp(*list, name, length - 1) == 0
                         : size == length && memcmp(*list, name, size) == 0)
            return true;
    }
    return false;
}

static bool names(const char *variable, const char *name)
{
    const size_t size = strlen(name);
    return strncmp(variable, name, size) == 0 && variable[size] == '=';
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct list {
    const char **items;
    size_t count, capacity;
    struct mlg_arena *arena;
    bool failed;
};

static void add(struct list *list, const char *name, const char *value)
{
    const char *text = mlg_arena_format(list->arena, "%s=%s", name, value);
    const char **items =
        mlg_arena_grow(list->arena, (void *)list->items, &list->capacity, list->count + 2, sizeof *items);
    list->failed |= !text || !items;
    if (list->failed)
        return;
    list->items = items;
    for (size_t i = 0; i < list->count; i++) {
        if (names(items[i], name)) {
            items[i] = text;
            return;
        }
    }
    items[list->count++] = text;
    items[list->count] = NULL;
}

static void add_inherited(struct list *list, const struct mlg_world *world, const char *const *inherited)
{
    const char *name;
    size_t size;
    for (size_t i = 0; world->variable && (name = world->variable(world->self, i, &size)); i++) {
        char *copy = is_listed(inherited, name, size) ? mlg_arena_copy(list->arena, name, size) : NULL;
        const char *value = copy ? world->environment(world->self, copy) : NULL;
        if (value)
            add(list, copy, value);
    }
    if (list->count > 1)
        qsort((void *)list->items, list->count, sizeof *list->items, compare_texts);
}

const char **mlg_command_environment(const struct mlg_world *world, const char *const *inherited,
                                     const char *own, const struct mlg_map *set, struct mlg_arena *arena)
{
    struct list list = {.arena = arena};
    add_inherited(&list, world, inherited ? inherited : mlg_command_inherited);
    for (size_t i = 0; i < sizeof own_variables / sizeof *own_variables; i++) {
        const char *path = mlg_arena_format(arena, "%s/%s", own, own_variables[i][1]);
        if (path)
            add(&list, own_variables[i][0], path);
        list.failed |= !path;
    }
    for (size_t i = 0; set && i < set->count; i++)
        add(&list, set->keys[i], set->values[i] ? set->values[i] : "");
    return list.failed ? NULL : list.items;
}

const char *mlg_command_variable(const char *const *environment, const char *name)
{
    for (; *environment; environment++)
        if (names(*environment, name))
            return *environment + strlen(name) + 1;
    return NULL;
}

static bool is_file(const struct mlg_world *world, const char *path, struct mlg_arena *arena)
{
    struct mlg_entry entry = {0};
    struct mlg_error ignored = {0};
    const char *real = path ? world->runner->real_path(world->self, path, arena, &ignored) : NULL;
    return real && world->runner->look(world->self, real, &entry, &ignored) == MLG_OK &&
           entry.kind == MLG_ENTRY_FILE;
}

const char *mlg_command_find(const struct mlg_world *world, const char *const *environment,
                             const char *directory, const char *name, struct mlg_arena *arena)
{
    if (strchr(name, '/')) {
        const char *path = name[0] == '/' ? name : mlg_arena_format(arena, "%s/%s", directory, name);
        return is_file(world, path, arena) ? path : NULL;
    }
    const char *part = environment && name[0] ? mlg_command_variable(environment, "PATH") : NULL;
    while (part && *part) {
        const size_t size = strcspn(part, ":");
        const char *path = part[0] == '/' ? mlg_arena_format(arena, "%.*s/%s", (int)size, part, name) : NULL;
        if (is_file(world, path, arena))
            return path;
        part += size + (part[size] == ':');
    }
    return NULL;
}

const char **mlg_command_with(const char *const *environment, const char *name, const char *value,
                              struct mlg_arena *arena)
{
    size_t count = 0, place;
    while (environment[count])
        count++;
    for (place = 0; place < count && !names(environment[place], name);)
        place++;
    const char **copy = MLG_NEW_ARRAY(arena, const char *, count + 2);
    const char *text = mlg_arena_format(arena, "%s=%s", name, value);
    if (!copy || !text)
        return NULL;
    memcpy((void *)copy, (const void *)environment, count * sizeof *copy);
    copy[place] = text;
    return copy;
}

/* ---- outcomes ---------------------------------------------------------------------------------------- */

bool mlg_command_succeeded(const struct mlg_command_outcome *outcome)
{
    return outcome->end == MLG_COMMAND_EXITED && outcome->code == 0 && !outcome->problem;
}

static const char *signal_word(int number)
{
    static const struct {
        int number;
        const char *word;
    } words[] = {{1, "hung up"},
                 {2, "interrupted"},
                 {3, "quit"},
                 {4, "illegal instruction"},
                 {6, "aborted"},
                 {7, "bus error"},
                 {8, "arithmetic error"},
                 {9, "killed: perhaps by the system, for want of memory"},
                 {11, "segmentation fault"},
                 {13, "closed pipe"},
                 {15, "terminated"},
                 {24, "limit of processor time"},
                 {25, "limit of a file's size"},
                 {31, "forbidden system call"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].number == number)
            return words[i].word;
    return NULL;
}

static void put_bytes_size(struct mlg_builder *out, uint64_t bytes)
{
    static const char *const units[] = {"bytes", "KiB", "MiB", "GiB"};
    double size = (double)bytes;
    size_t unit = 0;
    for (; size >= 1024 && unit < 3; unit++)
        size /= 1024;
    mlg_put_format(out, unit && size < 100 ? "%.1f %s" : "%.0f %s", size, units[unit]);
}

/* Where it was ended at the very limit, both read the same. */
static void put_memory(struct mlg_builder *out, uint64_t peak, uint64_t limit)
{
    struct mlg_builder texts[2];
    for (int i = 0; i < 2; i++) {
        mlg_builder_init(&texts[i], 0);
        put_bytes_size(&texts[i], i == 0 ? peak : limit);
    }
    const char *took = texts[0].failed ? "" : texts[0].data, *allowed = texts[1].failed ? "" : texts[1].data;
    if (strcmp(took, allowed) == 0)
        mlg_put_format(out, "took all of the %s of memory allowed, and was ended", allowed);
    else
        mlg_put_format(out, "took %s of memory, more than the %s allowed", took, allowed);
    mlg_builder_free(&texts[0]);
    mlg_builder_free(&texts[1]);
}

static void put_end(struct mlg_builder *out, const struct mlg_command_order *order,
                    const struct mlg_command_outcome *outcome)
{
    const char *word = signal_word(outcome->code);
    switch (outcome->end) {
    case MLG_COMMAND_EXITED:
        mlg_put_format(out, "ended with exit code %d", outcome->code);
        break;
    case MLG_COMMAND_SIGNALLED:
        mlg_put_format(out, "was ended by signal %d%s%s%s", outcome->code, word ? " (" : "", word ? word : "",
                       word ? ")" : "");
        break;
    case MLG_COMMAND_TIMED_OUT:
        mlg_put(out, "took longer than ");
        mlg_put_number(out, order->limits.timeout);
        mlg_put(out, " s and was ended");
        break;
    case MLG_COMMAND_OUT_OF_MEMORY:
        put_memory(out, outcome->peak_memory, order->limits.memory);
        break;
    case MLG_COMMAND_TALKED_ON:
        mlg_put(out, "printed more than the ");
        put_bytes_size(out, order->limits.output);
        mlg_put(out, " allowed, and was ended");
        break;
    case MLG_COMMAND_MULTIPLIED:
        mlg_put_format(out, "had more than the %llu processes allowed, and was ended",
                       (unsigned long long)order->limits.processes);
        break;
    case MLG_COMMAND_DID_NOT_START:
        mlg_put(out, outcome->problem ? outcome->problem : "did not start");
        break;
    case MLG_COMMAND_LOST_SUPERVISOR:
        mlg_put(out, "was given up: the process that watched over it has been killed");
        break;
    }
}

static bool tells_of(const struct mlg_command_text *text, const char *const *words)
{
    for (; text->bytes && *words; words++) {
        const size_t size = strlen(*words);
        for (size_t place = 0; place + size <= text->size; place++)
            if (memcmp(text->bytes + place, *words, size) == 0)
                return true;
    }
    return false;
}

static bool tells_of_full_disk(const struct mlg_command_text *text)
{
    static const char *const words[] = {"No space left on device", "ENOSPC",
                                        "Disk quota exceeded",     "no space left on the device",
                                        "not enough space",        NULL};
    return text->problem || tells_of(text, words);
}

static bool tells_of_no_network(const struct mlg_command_text *text)
{
    static const char *const words[] = {
        "name resolution",        "Name or service not known",      "Could not resolve host",
        "Network is unreachable", "unable to resolve host address", NULL};
    return tells_of(text, words);
}

const char *mlg_command_ending(const struct mlg_command_order *order,
                               const struct mlg_command_outcome *outcome, struct mlg_arena *arena)
{
    static const int64_t little = 1 << 20;
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    put_end(&out, order, outcome);
    if (outcome->problem && outcome->end != MLG_COMMAND_DID_NOT_START)
        mlg_put_format(&out, "; %s", outcome->problem);
    if (outcome->end != MLG_COMMAND_DID_NOT_START && outcome->free_bytes >= 0 &&
        (outcome->free_bytes < little || tells_of_full_disk(&outcome->output) ||
         tells_of_full_disk(&outcome->error))) {
        mlg_put(&out, "; the disk that it writes to has ");
        if (outcome->free_bytes == 0)
            mlg_put(&out, "no space left");
        else
            put_bytes_size(&out, (uint64_t)outcome->free_bytes);
        mlg_put(&out, outcome->free_bytes ? " free" : "");
    }
    if (outcome->end == MLG_COMMAND_EXITED && (outcome->isolation & MLG_ISOLATE_NETWORK) &&
        (tells_of_no_network(&outcome->output) || tells_of_no_network(&outcome->error)))
        mlg_put(&out, "; it has no network ('network: true' gives it back)");
    const char *text = out.failed ? NULL : mlg_arena_copy(arena, out.data, out.size);
    mlg_builder_free(&out);
    return text;
}

const char *mlg_command_text_of(const char *bytes, size_t size, struct mlg_arena *arena)
{
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    while (size > 0) {
        const char *zero = memchr(bytes, '\0', size);
        const size_t before = zero ? (size_t)(zero - bytes) : size;
        mlg_put_bytes(&out, bytes, before);
        mlg_put(&out, zero ? "\\x00" : "");
        bytes += before + (zero != NULL);
        size -= before + (zero != NULL);
    }
    const char *text = out.failed ? NULL : mlg_arena_copy(arena, out.data ? out.data : "", out.size);
    mlg_builder_free(&out);
    return text;
}

const char *mlg_command_isolation(const struct mlg_command_outcome *outcome, struct mlg_arena *arena)
{
    const bool network = outcome->isolation & MLG_ISOLATE_NETWORK;
    const bool processes = outcome->isolation & MLG_ISOLATE_PROCESSES;
    const char *active = network && processes ? "network and processes"
                         : network            ? "network"
                         : processes          ? "processes"
                                              : "none";
    return outcome->isolation_missing ? mlg_arena_format(arena, "%s (%s)", active, outcome->isolation_missing)
                                      : active;
}
