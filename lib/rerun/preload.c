/* preload.c: can libfaketime be loaded before what the command runs? */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "rerun_private.h"

/* Where the header of an ELF file says where its program headers are, how large each is, and how many. */
struct layout {
    size_t place, place_size, entry_size, count;
};

static bool has_interpreter(const struct mlg_world *world, struct mlg_file *file, const char *header)
{
    static const struct layout layouts[] = {{28, 4, 42, 44}, {32, 8, 54, 56}}; /* of 32 and 64 bits */
    static const uint32_t interpreter = 3;                                     /* PT_INTERP */
    const struct layout *layout = &layouts[header[4] == 2];
    struct mlg_error ignored = {0};
    uint16_t entry_size, count;
    uint32_t low, type;
    uint64_t place;
    /* What runs here has the order of bytes of this machine. */
    memcpy(&low, header + layout->place, sizeof low);
    memcpy(&place, header + layout->place, sizeof place);
    memcpy(&entry_size, header + layout->entry_size, sizeof entry_size);
    memcpy(&count, header + layout->count, sizeof count);
    place = layout->place_size == sizeof low ? low : place;
    for (uint16_t i = 0; i < count; i++) {
        const uint64_t at = place + (uint64_t)i * entry_size;
        if (at > INT64_MAX ||
            world->read(world->self, file, (int64_t)at, &type, sizeof type, &ignored) != sizeof type)
            return true; /* it is no program that could be told of */
        if (type == interpreter)
            return true;
    }
    return count == 0;
}

/* "#!/bin/sh -e" */
static const char *program_of_line(const char *text, size_t size, struct mlg_arena *arena)
{
    const char *end = memchr(text, '\n', size), *first = text + 2;
    if (!end)
        return NULL;
    while (first < end && (*first == ' ' || *first == '\t'))
        first++;
    const char *last = first;
    while (last < end && *last != ' ' && *last != '\t')
        last++;
    return mlg_arena_copy(arena, first, (size_t)(last - first));
}

/* Is it linked statically, it or the program of its first line? */
static bool is_static(const struct mlg_rerun *rerun, const char *path, unsigned depth)
{
    enum { HEADER = 256, ELF = 64, DEEPEST = 4 };
    const struct mlg_world *world = rerun->world;
    struct mlg_error ignored = {0};
    struct mlg_file file;
    char header[HEADER];
    bool answer = false;
    if (world->open(world->self, path, &file, &ignored) != MLG_OK)
        return false;
    const int64_t size =
        file.size < 0 ? 0 : world->read(world->self, &file, 0, header, sizeof header, &ignored);
    if (size >= ELF && memcmp(header, "\177ELF", 4) == 0)
        answer = !has_interpreter(world, &file, header);
    const char *next = size > 2 && memcmp(header, "#!", 2) == 0 && depth < DEEPEST
                           ? program_of_line(header, (size_t)size, rerun->arena)
                           : NULL;
    world->close(world->self, &file);
    return next && next[0] == '/' ? is_static(rerun, next, depth + 1) : answer;
}

const char *mlg_rerun_no_preload(const struct mlg_rerun *rerun)
{
    static const char own[] = "{input}/";
    const struct mlg_rerun_order *order = rerun->order;
    const char *libraries = mlg_command_variable(rerun->common.environment, "LD_PRELOAD");
    const char *name = order->shell ? "/bin/sh" : order->arguments.items[0];
    const char *base =
        order->workdir ? mlg_rerun_within(rerun->base, order->workdir, rerun->arena) : rerun->base;
    if (libraries && !strstr(libraries, "libfaketime"))
        return "LD_PRELOAD is set already, which libfaketime takes";
    if (strncmp(name, own, sizeof own - 1) == 0)
        name += sizeof own - 1, base = rerun->base;
    const char *path = mlg_command_find(rerun->world, rerun->common.environment, base, name, rerun->arena);
    if (!path || !is_static(rerun, path, 0))
        return NULL;
    return mlg_arena_format(rerun->arena, "'%s' is linked statically, and libfaketime has no effect on it",
                            name);
}
