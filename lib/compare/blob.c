/* blob: bytes that can be read at any offset, from a file or from memory. */
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "mlgate/content.h"

enum { FIRST_ROOM = 64 * 1024, MOST_EXPECTED = 64 * 1024 * 1024 };

static int too_large(const char *path, struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "'%s' is too large to be held; at most %llu MiB are", path,
                         (unsigned long long)(MLG_COMPARE_BYTES >> 20));
}

int read_all(read_next next, void *self, int64_t expected, const char *path, char **out, uint64_t *size,
             struct mlg_error *error)
{
    /* What an archive announces need not be true: room grows with what comes. */
    uint64_t room = expected >= 0 && expected < MOST_EXPECTED ? (uint64_t)expected + 2 : FIRST_ROOM, used = 0;
    char *bytes = malloc(room);
    int64_t got = bytes ? 1 : 0;
    while (got > 0) {
        if (used > MLG_COMPARE_BYTES) {
            free(bytes);
            return too_large(path, error);
        }
        if (used + 1 == room) {
            room *= 2;
            char *grown = realloc(bytes, room);
            if (!grown)
                free(bytes);
            bytes = grown;
            if (!bytes)
                break;
        }
        got = next(self, bytes + used, (size_t)(room - used - 1), error);
        used += got > 0 ? (uint64_t)got : 0;
    }
    if (!bytes)
        return mlg_error_set(error, MLG_LIMIT, "no memory to hold '%s'", path);
    if (got < 0) {
        free(bytes);
        return error && error->code ? (int)error->code : MLG_DATA;
    }
    bytes[used] = '\0';
    *out = bytes;
    *size = used;
    return 0;
}

/* ---- a world of one file --------------------------------------------------------------------------- */

static int memory_open(void *self, const char *path, struct mlg_file *file, struct mlg_error *error)
{
    const struct blob *blob = self;
    *file = (struct mlg_file){.size = (int64_t)blob->size};
    if (strcmp(path, blob->path) == 0)
        return 0;
    if (!blob->open_beside)
        return mlg_error_set(error, MLG_WORLD, "'%s' does not exist", path);
    struct blob *other = calloc(1, sizeof *other);
    if (!other)
        return mlg_error_set(error, MLG_LIMIT, "no memory to hold '%s'", path);
    const int code = blob->open_beside(blob->beside, path, other, error);
    if (code)
        free(other);
    else
        *file = (struct mlg_file){.handle = other, .size = (int64_t)other->size};
    return code;
}

static int64_t memory_read(void *self, struct mlg_file *file, int64_t offset, void *buffer, size_t size,
                           struct mlg_error *error)
{
    const struct blob *blob = file->handle ? file->handle : self;
    (void)error;
    uint64_t rest = offset >= 0 && (uint64_t)offset < blob->size ? blob->size - (uint64_t)offset : 0;
    if (size > rest)
        size = (size_t)rest;
    if (size > 0)
        memcpy(buffer, blob->bytes + offset, size);
    return (int64_t)size;
}

static int memory_stat(void *self, struct mlg_file *file, int64_t *size, int64_t *modified)
{
    const struct blob *blob = file->handle ? file->handle : self;
    *size = (int64_t)blob->size;
    *modified = 0;
    return 0;
}

static void memory_close(void *self, struct mlg_file *file)
{
    (void)self;
    struct blob *other = file->handle;
    if (other)
        blob_close(other);
    free(other);
    file->handle = NULL;
}

bool is_blob_world(const struct mlg_world *world)
{
    return world->open == memory_open;
}

void blob_hold(struct blob *blob, const char *path, char *bytes, uint64_t size)
{
    *blob = (struct blob){.path = path, .size = size, .bytes = bytes, .owned = true};
    blob->memory = (struct mlg_world){
        .self = blob, .open = memory_open, .read = memory_read, .stat = memory_stat, .close = memory_close};
    blob->world = &blob->memory;
    blob->file.size = (int64_t)size;
}

/* ---- files ----------------------------------------------------------------------------------------- */

static int64_t content_next(void *self, void *buffer, size_t size, struct mlg_error *error)
{
    return mlg_content_read(self, buffer, size, error);
}

int blob_take(struct blob *blob, struct mlg_content *content, const char *path, struct mlg_error *error)
{
    char *bytes = NULL;
    uint64_t size = 0;
    const int code = read_all(content_next, content, -1, path, &bytes, &size, error);
    if (code)
        return code;
    blob_hold(blob, path, bytes, size);
    return mlg_content_finish(content, error);
}

int blob_open(struct blob *blob, const struct mlg_world *world, const char *path, struct mlg_error *error)
{
    struct mlg_content *content;
    *blob = (struct blob){.path = path};
    int code = mlg_content_open(world, path, &content, error);
    if (code)
        return code;
    int64_t size = mlg_content_plain_size(content);
    if (size >= 0) {
        mlg_content_close(content);
        code = world->open(world->self, path, &blob->file, error);
        blob->is_open = code == 0;
        blob->world = blob->home = world;
        blob->size = (uint64_t)size;
        if (!code && blob->file.size != size)
            code = mlg_error_set(error, MLG_WORLD, "'%s' changed while it was read", path);
        return code;
    }
    code = blob_take(blob, content, path, error);
    blob->home = world;
    mlg_content_close(content);
    return code;
}

int blob_open_plain(struct blob *blob, const struct mlg_world *world, const char *path,
                    struct mlg_error *error)
{
    *blob = (struct blob){.path = path, .world = world, .home = world};
    const int code = world->open(world->self, path, &blob->file, error);
    blob->is_open = code == 0;
    if (!code && blob->file.size < 0) {
        blob_close(blob);
        return mlg_error_set(error, MLG_DATA, "'%s' is no plain file", path);
    }
    blob->size = code ? 0 : (uint64_t)blob->file.size;
    return code;
}

int blob_read(struct blob *blob, uint64_t offset, void *buffer, size_t size, struct mlg_error *error)
{
    if (offset > blob->size || size > blob->size - offset)
        return mlg_error_set(error, MLG_DATA, "'%s' is cut short", blob->path);
    if (blob->bytes) {
        if (size > 0)
            memcpy(buffer, blob->bytes + offset, size);
        return 0;
    }
    struct mlg_error own = {0};
    int64_t got = blob->world->read(blob->world->self, &blob->file, (int64_t)offset, buffer, size, &own);
    if (got < 0)
        return mlg_error_set(error, MLG_WORLD, "cannot read '%s': %s", blob->path, own.text);
    if ((uint64_t)got < size)
        return mlg_error_set(error, MLG_WORLD, "'%s' changed while it was read", blob->path);
    return 0;
}

int blob_load(struct blob *blob, struct mlg_error *error)
{
    if (blob->bytes)
        return 0;
    if (blob->size > MLG_COMPARE_BYTES)
        return too_large(blob->path, error);
    char *bytes = malloc((size_t)blob->size + 1);
    if (!bytes)
        return mlg_error_set(error, MLG_LIMIT, "no memory to hold '%s'", blob->path);
    const int code = blob_read(blob, 0, bytes, (size_t)blob->size, error);
    if (code) {
        free(bytes);
        return code;
    }
    bytes[blob->size] = '\0';
    blob->bytes = bytes;
    blob->owned = true;
    return 0;
}

int blob_load_both(struct blob *a, struct blob *b, struct mlg_error *error)
{
    const int code = blob_load(a, error);
    return code ? code : blob_load(b, error);
}

void blob_close(struct blob *blob)
{
    if (blob->is_open)
        blob->world->close(blob->world->self, &blob->file);
    if (blob->owned)
        free(blob->bytes);
    *blob = (struct blob){0};
}
