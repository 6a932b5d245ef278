/* world: what is made of a world's functions and used in several rooms. */
#include "mlgate/world.h"

#include <string.h>

#include "mlgate/arena.h"

char *mlg_world_read_file(const struct mlg_world *world, const char *path, size_t limit,
                          struct mlg_arena *arena, size_t *size, struct mlg_error *error)
{
    struct mlg_file file;
    if (world->open(world->self, path, &file, error) != MLG_OK)
        return NULL;
    size_t capacity = file.size >= 0 && (uint64_t)file.size < limit ? (size_t)file.size + 1 : 64 * 1024,
           used = 0;
    char *bytes = mlg_arena_alloc(arena, capacity, 1);
    int64_t got = bytes ? 1 : 0;
    while (got > 0 && used <= limit) {
        if (used == capacity) {
            char *grown = mlg_arena_grow(arena, bytes, &capacity, used + 1, 1);
            if (!grown) {
                bytes = NULL;
                break;
            }
            bytes = grown;
        }
        got = world->read(world->self, &file, (int64_t)used, bytes + used, capacity - used, error);
        used += got > 0 ? (size_t)got : 0;
    }
    world->close(world->self, &file);
    if (got < 0) {
        char why[MLG_ERROR_SIZE];
        memcpy(why, error->text, sizeof why);
        mlg_error_set(error, MLG_WORLD, "cannot read '%s': %s", path, why);
        return NULL;
    }
    if (!bytes || used > limit) {
        mlg_error_set(error, MLG_LIMIT, "'%s' is too large; at most %zu KiB are read", path, limit / 1024);
        return NULL;
    }
    *size = used;
    return bytes;
}
