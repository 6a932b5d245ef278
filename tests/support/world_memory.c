#include "world_memory.h"

#include "mlgate/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct handle {
    struct world_memory_file *file;
    size_t offset; /* of streams */
    unsigned reads;
};

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static const char root[] = "/memory/";

static struct world_memory_file *find(const struct world_memory *memory, const char *path)
{
    if (strncmp(path, root, sizeof root - 1) == 0)
        path += sizeof root - 1;
    for (size_t i = 0; i < memory->file_count; i++)
        if (strcmp(memory->files[i].path, path) == 0)
            return memory->files[i].kind == WORLD_MEMORY_LINK ? find(memory, memory->files[i].bytes)
                                                              : &memory->files[i];
    return NULL;
}

static const char *world_real_path(void *self, const char *path, struct mlg_arena *arena,
                                   struct mlg_error *error)
{
    const struct world_memory *memory = self;
    size_t size = strlen(path);
    while (size > 0 && path[size - 1] == '/')
        size--;
    if (size == 1 && *path == '.')
        size = 0;
    bool is_directory = size == 0;
    for (size_t i = 0; i < memory->file_count; i++) {
        const char *name = memory->files[i].path;
        is_directory |= strncmp(name, path, size) == 0 && name[size] == '/';
    }
    const struct world_memory_file *found = find(memory, path);
    if (!found && !is_directory) {
        mlg_error_set(error, MLG_WORLD, "cannot find '%s'", path);
        return NULL;
    }
    return found ? mlg_arena_format(arena, "%s%s", *found->path == '/' ? "" : root, found->path)
                 : mlg_arena_format(arena, size ? "%s%.*s" : "/memory", root, (int)size, path);
}

static int world_look(void *self, const char *path, struct mlg_entry *entry, struct mlg_error *error)
{
    (void)error;
    const struct world_memory_file *found = find(self, path);
    *entry = (struct mlg_entry){.path = path, .kind = MLG_ENTRY_MISSING};
    if (found)
        entry->kind = found->kind == WORLD_MEMORY_DIRECTORY ? MLG_ENTRY_DIRECTORY
                      : found->kind == WORLD_MEMORY_STREAM  ? MLG_ENTRY_OTHER
                                                            : MLG_ENTRY_FILE;
    return 0;
}

void world_memory_paths(struct world_memory *memory)
{
    static const struct mlg_runner runner = {.real_path = world_real_path, .look = world_look};
    memory->world.runner = &runner;
}

static int world_open(void *self, const char *path, struct mlg_file *file, struct mlg_error *error)
{
    struct world_memory_file *found = find(self, path);
    if (!found)
        return mlg_error_set(error, MLG_WORLD, "cannot read '%s': no such file", path);
    if (found->kind == WORLD_MEMORY_DIRECTORY)
        return mlg_error_set(error, MLG_WORLD, "cannot read '%s': is a directory", path);
    if (found->kind == WORLD_MEMORY_UNREADABLE)
        return mlg_error_set(error, MLG_WORLD, "cannot read '%s': permission denied", path);
    struct handle *handle = must(calloc(1, sizeof *handle));
    handle->file = found;
    *file = (struct mlg_file){.handle = handle, .size = (int64_t)found->size, .modified = 1};
    if (found->kind == WORLD_MEMORY_STREAM)
        *file = (struct mlg_file){.handle = handle, .size = -1};
    return 0;
}

static size_t size_now(const struct handle *handle)
{
    bool shrunk =
        handle->file->kind == WORLD_MEMORY_SHRINKING && __atomic_load_n(&handle->reads, __ATOMIC_RELAXED) > 0;
    return shrunk ? handle->file->size / 2 : handle->file->size;
}

static int64_t world_read(void *self, struct mlg_file *file, int64_t offset, void *buffer, size_t size,
                          struct mlg_error *error)
{
    (void)self;
    struct handle *handle = file->handle;
    const struct world_memory_file *stored = handle->file;
    size_t length = size_now(handle);
    bool first = __atomic_fetch_add(&handle->reads, 1, __ATOMIC_RELAXED) == 0;
    if (stored->kind == WORLD_MEMORY_FAILING && !first) {
        mlg_error_set(error, MLG_WORLD, "input/output error");
        return -1;
    }
    bool stream = stored->kind == WORLD_MEMORY_STREAM;
    size_t from = stream ? handle->offset : (size_t)offset;
    size_t rest = from < length ? length - from : 0;
    size_t count = rest < size ? rest : size;
    if (count > 0)
        memcpy(buffer, stored->bytes + from, count);
    if (stream)
        handle->offset += count;
    return (int64_t)count;
}

static int world_stat(void *self, struct mlg_file *file, int64_t *size, int64_t *modified)
{
    (void)self;
    const struct handle *handle = file->handle;
    bool changed =
        handle->file->kind == WORLD_MEMORY_CHANGING && __atomic_load_n(&handle->reads, __ATOMIC_RELAXED) > 0;
    *size = handle->file->kind == WORLD_MEMORY_STREAM ? -1 : (int64_t)size_now(handle);
    *modified = handle->file->kind == WORLD_MEMORY_STREAM ? 0 : changed ? 2 : 1;
    return 0;
}

static void world_close(void *self, struct mlg_file *file)
{
    (void)self;
    free(file->handle);
    file->handle = NULL;
}

static int world_remove(void *self, const char *path, struct mlg_error *error)
{
    (void)error;
    struct world_memory *memory = self;
    struct world_memory_file *file = find(memory, path);
    if (file) {
        free(file->path);
        free(file->bytes);
        *file = memory->files[--memory->file_count];
    }
    return 0;
}

static int world_print(void *self, int stream, const char *bytes, size_t size)
{
    struct world_memory *memory = self;
    if (memory->print_fails)
        return MLG_WORLD;
    struct world_memory_text *text = &memory->output[stream];
    text->data = must(realloc(text->data, text->size + size + 1));
    memcpy(text->data + text->size, bytes, size);
    text->size += size;
    text->data[text->size] = '\0';
    return 0;
}

static int world_write(void *self, const char *path, const char *bytes, size_t size, struct mlg_error *error)
{
    struct world_memory *memory = self;
    if (strcmp(path, "-") == 0) {
        if (world_print(self, 1, bytes, size))
            return mlg_error_set(error, MLG_WORLD, "cannot write to standard output");
        return 0;
    }
    const struct world_memory_file *old = find(memory, path);
    if ((memory->unwritable && strcmp(path, memory->unwritable) == 0) ||
        (memory->full && strcmp(path, memory->full) == 0) || (old && old->kind == WORLD_MEMORY_DIRECTORY)) {
        if (!old || old->kind != WORLD_MEMORY_DIRECTORY)
            world_remove(self, path, NULL);
        return mlg_error_set(error, MLG_WORLD, "cannot write '%s'", path);
    }
    world_memory_put(memory, path, WORLD_MEMORY_FILE, bytes, size);
    return 0;
}

static int world_create(void *self, const char *path, const char *bytes, size_t size, bool *exists,
                        struct mlg_error *error)
{
    *exists = find(self, path) != NULL;
    if (*exists)
        return mlg_error_set(error, MLG_WORLD, "cannot write '%s': it is there already", path);
    return world_write(self, path, bytes, size, error);
}

static int world_prepare(void *self, const char *path, bool *is_stream, struct mlg_error *error)
{
    const struct world_memory *memory = self;
    const struct world_memory_file *old = find(memory, path);
    *is_stream = strcmp(path, "-") == 0 || (old && old->kind == WORLD_MEMORY_STREAM);
    if ((memory->unwritable && strcmp(path, memory->unwritable) == 0) ||
        (old && old->kind == WORLD_MEMORY_DIRECTORY))
        return mlg_error_set(error, MLG_WORLD, "cannot write '%s'", path);
    return 0;
}

static bool world_is_terminal(void *self, int stream)
{
    return ((struct world_memory *)self)->terminal[stream];
}

static const char *world_environment(void *self, const char *name)
{
    const struct world_memory *memory = self;
    for (size_t i = memory->environment_count; i > 0; i -= 2) /* the last one set counts */
        if (strcmp(memory->environment[i - 2], name) == 0)
            return memory->environment[i - 1];
    return NULL;
}

static const char *world_variable(void *self, size_t index, size_t *size)
{
    const struct world_memory *memory = self;
    if (2 * index >= memory->environment_count)
        return NULL;
    *size = strlen(memory->environment[2 * index]);
    return memory->environment[2 * index];
}

static double world_seconds(void *self)
{
    return ((struct world_memory *)self)->seconds;
}

static int64_t world_unix_time(void *self)
{
    return ((struct world_memory *)self)->unix_time;
}

static unsigned world_processors(void *self)
{
    return ((struct world_memory *)self)->processors;
}

static const char *world_host(void *self)
{
    return ((struct world_memory *)self)->host;
}

static int world_append(void *self, const char *path, const char *bytes, size_t size, struct mlg_error *error)
{
    struct world_memory *memory = self;
    size_t before = 0;
    const char *old = world_memory_get(memory, path, &before);
    if (memory->unwritable && strcmp(path, memory->unwritable) == 0)
        return mlg_error_set(error, MLG_WORLD, "cannot write '%s'", path);
    char *whole = must(calloc(1, before + size + 1));
    memcpy(whole, old ? old : "", old ? before : 0);
    memcpy(whole + before, bytes, size);
    world_memory_put(memory, path, WORLD_MEMORY_FILE, whole, before + size);
    free(whole);
    return MLG_OK;
}

/* The same every time, so that a test knows them. */
static int world_random(void *self, void *bytes, size_t size)
{
    (void)self;
    memset(bytes, 0xab, size);
    return 0;
}

void world_memory_init(struct world_memory *memory)
{
    *memory = (struct world_memory){
        .world = {.self = memory,
                  .open = world_open,
                  .read = world_read,
                  .stat = world_stat,
                  .close = world_close,
                  .write = world_write,
                  .append = world_append,
                  .create = world_create,
                  .prepare = world_prepare,
                  .remove = world_remove,
                  .print = world_print,
                  .is_terminal = world_is_terminal,
                  .environment = world_environment,
                  .variable = world_variable,
                  .seconds = world_seconds,
                  .unix_time = world_unix_time,
                  .processors = world_processors,
                  .host = world_host,
                  .random = world_random},
        .processors = 1,
        .host = "test",
    };
    for (int stream = 1; stream <= 2; stream++)
        memory->output[stream].data = must(calloc(1, 1));
}

void world_memory_free(struct world_memory *memory)
{
    for (size_t i = 0; i < memory->file_count; i++) {
        free(memory->files[i].path);
        free(memory->files[i].bytes);
    }
    free(memory->files);
    for (size_t i = 0; i < memory->environment_count; i++)
        free(memory->environment[i]);
    free(memory->environment);
    free(memory->output[1].data);
    free(memory->output[2].data);
    memset(memory, 0, sizeof *memory);
}

void world_memory_put(struct world_memory *memory, const char *path, enum world_memory_kind kind,
                      const void *bytes, size_t size)
{
    char *copy = must(malloc(size + 1));
    if (size > 0)
        memcpy(copy, bytes, size);
    copy[size] = '\0';
    struct world_memory_file *file = find(memory, path);
    if (file) {
        free(file->bytes);
    } else {
        memory->files = must(realloc(memory->files, (memory->file_count + 1) * sizeof *memory->files));
        file = &memory->files[memory->file_count++];
        file->path = must(strdup(path));
    }
    file->bytes = copy;
    file->size = size;
    file->kind = kind;
}

void world_memory_text(struct world_memory *memory, const char *path, const char *text)
{
    world_memory_put(memory, path, WORLD_MEMORY_FILE, text, strlen(text));
}

bool world_memory_load(struct world_memory *memory, const char *path, const char *real_path)
{
    FILE *stream = fopen(real_path, "rb");
    if (!stream)
        return false;
    char *bytes = NULL;
    size_t size = 0, got;
    do {
        bytes = must(realloc(bytes, size + 65536));
        got = fread(bytes + size, 1, 65536, stream);
        size += got;
    } while (got > 0);
    bool whole = !ferror(stream);
    fclose(stream);
    if (whole)
        world_memory_put(memory, path, WORLD_MEMORY_FILE, bytes, size);
    free(bytes);
    return whole;
}

const char *world_memory_get(const struct world_memory *memory, const char *path, size_t *size)
{
    const struct world_memory_file *file = find(memory, path);
    if (size)
        *size = file ? file->size : 0;
    return file ? file->bytes : NULL;
}

void world_memory_environment(struct world_memory *memory, const char *name, const char *value)
{
    memory->environment =
        must(realloc(memory->environment, (memory->environment_count + 2) * sizeof(char *)));
    memory->environment[memory->environment_count++] = must(strdup(name));
    memory->environment[memory->environment_count++] = value ? must(strdup(value)) : NULL;
}
