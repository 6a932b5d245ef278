/* arena: memory for one run, freed at once, with a stated maximum.
 *
 * Always true: what an arena handed out stays where it is until mlg_arena_free; memory comes
 * zeroed and aligned for any type; one arena belongs to one thread at a time.
 */
#ifndef MLGATE_ARENA_H
#define MLGATE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct mlg_arena_block;

struct mlg_arena {
    struct mlg_arena_block *blocks; /* newest first */
    size_t used;                    /* bytes handed out */
    size_t maximum;                 /* 0: no limit */
};

/* An arena that hands out at most `maximum` bytes; allocates nothing yet. */
void mlg_arena_init(struct mlg_arena *arena, size_t maximum);
/* `count` times `size` zeroed bytes; NULL when the maximum, the address space or memory is spent. */
void *mlg_arena_alloc(struct mlg_arena *arena, size_t count, size_t size);
/* A zero-terminated copy of `size` bytes; NULL as above. */
char *mlg_arena_copy(struct mlg_arena *arena, const char *bytes, size_t size);
/* A zero-terminated copy of formatted text; NULL as above. */
char *mlg_arena_format(struct mlg_arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *mlg_arena_format_list(struct mlg_arena *arena, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
/* An array grown to hold at least `count` items, the old content kept; `*capacity` is updated.
 * Returns NULL (and leaves the old array valid) when memory is spent. */
void *mlg_arena_grow(struct mlg_arena *arena, void *items, size_t *capacity, size_t count, size_t size);
/* All that `other` handed out is `arena`'s from now on; `other` is then as after init. So that threads with
 * an arena each can leave what they made to one. */
void mlg_arena_adopt(struct mlg_arena *arena, struct mlg_arena *other);
/* Gives everything back; the arena is then as after init. */
void mlg_arena_free(struct mlg_arena *arena);

#define MLG_NEW(arena, type) ((type *)mlg_arena_alloc((arena), 1, sizeof(type)))
#define MLG_NEW_ARRAY(arena, type, count) ((type *)mlg_arena_alloc((arena), (count), sizeof(type)))

#endif
