/* arena.c: blocks that grow with the run, given back at once. */
#include "mlgate/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 8 * 1024, LARGEST_BLOCK = 1024 * 1024, ALIGNMENT = sizeof(max_align_t) };

struct mlg_arena_block {
    struct mlg_arena_block *next;
    size_t size, used;
    _Alignas(max_align_t) unsigned char data[];
};

void mlg_arena_init(struct mlg_arena *arena, size_t maximum)
{
    *arena = (struct mlg_arena){.maximum = maximum};
}

static struct mlg_arena_block *add_block(struct mlg_arena *arena, size_t needed)
{
    size_t size = FIRST_BLOCK;
    if (arena->blocks)
        size = arena->blocks->size >= LARGEST_BLOCK / 2 ? LARGEST_BLOCK : arena->blocks->size * 2;
    if (size < needed)
        size = needed;
    if (size > SIZE_MAX - sizeof(struct mlg_arena_block))
        return NULL;
    struct mlg_arena_block *block = calloc(1, sizeof *block + size);
    if (!block)
        return NULL;
    block->size = size;
    /* A block made for one large item is full at once: it goes behind the newest, which has room. */
    if (arena->blocks && needed > LARGEST_BLOCK / 2) {
        block->next = arena->blocks->next;
        arena->blocks->next = block;
    } else {
        block->next = arena->blocks;
        arena->blocks = block;
    }
    return block;
}

void *mlg_arena_alloc(struct mlg_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
        return NULL;
    bytes = bytes ? (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT : ALIGNMENT;
    if (arena->maximum && (arena->used > arena->maximum || bytes > arena->maximum - arena->used))
        return NULL;
    struct mlg_arena_block *block = arena->blocks;
    if (!block || block->size - block->used < bytes)
        block = add_block(arena, bytes);
    if (!block)
        return NULL;
    void *item = block->data + block->used;
    block->used += bytes;
    arena->used += bytes;
    return item;
}

char *mlg_arena_copy(struct mlg_arena *arena, const char *bytes, size_t size)
{
    if (size == SIZE_MAX)
        return NULL;
    char *copy = mlg_arena_alloc(arena, size + 1, 1);
    if (copy && size)
        memcpy(copy, bytes, size);
    return copy;
}

char *mlg_arena_format_list(struct mlg_arena *arena, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *text = length < 0 ? NULL : mlg_arena_alloc(arena, (size_t)length + 1, 1);
    if (text)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

char *mlg_arena_format(struct mlg_arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *text = mlg_arena_format_list(arena, format, arguments);
    va_end(arguments);
    return text;
}

void *mlg_arena_grow(struct mlg_arena *arena, void *items, size_t *capacity, size_t count, size_t size)
{
    if (count <= *capacity && items)
        return items;
    size_t wanted = *capacity < 4 ? 8 : *capacity;
    while (wanted < count)
        wanted = wanted > SIZE_MAX / 2 ? count : wanted * 2;
    if (items && wanted == *capacity)
        return items;
    void *grown = mlg_arena_alloc(arena, wanted, size);
    if (!grown && wanted > count)
        grown = mlg_arena_alloc(arena, wanted = count, size);
    if (!grown)
        return NULL;
    if (items && *capacity)
        memcpy(grown, items, *capacity * size);
    *capacity = wanted;
    return grown;
}

void mlg_arena_adopt(struct mlg_arena *arena, struct mlg_arena *other)
{
    struct mlg_arena_block **last =
        &arena->blocks; /* what is adopted goes behind the newest, which has room */
    while (*last)
        last = &(*last)->next;
    *last = other->blocks;
    arena->used += other->used;
    other->blocks = NULL;
    other->used = 0;
}

void mlg_arena_free(struct mlg_arena *arena)
{
    struct mlg_arena_block *block = arena->blocks;
    while (block) {
        struct mlg_arena_block *next = block->next;
        free(block);
        block = next;
    }
    arena->blocks = NULL;
    arena->used = 0;
}
