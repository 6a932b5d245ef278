/* world_memory: a world whose files lie in memory and whose output is kept, for tests and fuzzers.
 *
 * Always true: nothing outside the process is read or changed; the clock stands still unless a test
 * moves it; everything handed out stays valid until world_memory_free. Reading may happen from several
 * threads at once; adding files may not.
 */
#ifndef WORLD_MEMORY_H
#define WORLD_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/world.h"

enum world_memory_kind {
    WORLD_MEMORY_FILE,
    WORLD_MEMORY_STREAM,     /* a pipe: no size, no offset */
    WORLD_MEMORY_DIRECTORY,  /* cannot be opened */
    WORLD_MEMORY_UNREADABLE, /* cannot be opened either */
    WORLD_MEMORY_CHANGING,   /* another time of change after the first read */
    WORLD_MEMORY_SHRINKING,  /* half the size after the first read */
    WORLD_MEMORY_FAILING,    /* opens; every read but the first is an input/output error */
    WORLD_MEMORY_LINK        /* the bytes are the path that it leads to */
};

struct world_memory_file {
    char *path, *bytes;
    size_t size;
    enum world_memory_kind kind;
};

struct world_memory_text { /* zero-terminated; "" at first */
    char *data;
    size_t size;
};

struct world_memory {
    struct mlg_world world; /* what the library is given */

    struct world_memory_file *files;
    size_t file_count;
    struct world_memory_text output[3]; /* [1] standard output, [2] standard error */
    char **environment;                 /* name, value, name, value ... */
    size_t environment_count;

    /* What a test may set. */
    bool terminal[3];
    bool print_fails;       /* as a closed pipe or a full disk does */
    const char *unwritable; /* a path that cannot be written; it must outlive the world */
    const char *full;       /* the same, but only writing finds it out */
    double seconds;
    int64_t unix_time;
    unsigned processors; /* 1 */
    const char *host;    /* "test" */
};

void world_memory_init(struct world_memory *memory);
void world_memory_free(struct world_memory *memory);

/* Adds a file or replaces the one of that path; the bytes are copied. "-" is standard input. */
void world_memory_put(struct world_memory *memory, const char *path, enum world_memory_kind kind,
                      const void *bytes, size_t size);
/* A plain file that holds the text. */
void world_memory_text(struct world_memory *memory, const char *path, const char *text);
/* Copies a file of the machine that runs the test into the memory; false if that cannot be read. */
bool world_memory_load(struct world_memory *memory, const char *path, const char *real_path);
/* The file as it is now (zero-terminated), or NULL; `size` may be NULL. */
const char *world_memory_get(const struct world_memory *memory, const char *path, size_t *size);
/* Gives the world the runner that knows what lies where: real_path and look alone. The files are below
 * "/memory", and links are followed. */
void world_memory_paths(struct world_memory *memory);
/* A NULL value unsets. */
void world_memory_environment(struct world_memory *memory, const char *name, const char *value);

#endif
