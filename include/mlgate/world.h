/* world: the few things that a run may ask of the outside.
 *
 * The library never opens, prints, reads the clock or the environment by itself; it asks a world.
 * The executables bring the real one (plugins/world_posix.c); tests and fuzzers bring their own,
 * with files in memory.
 *
 * Always true: every function may be called from several threads at once, except on the same
 * struct mlg_file without an offset (streams), and but for `progress`: those belong to one thread at a time.
 */
#ifndef MLGATE_WORLD_H
#define MLGATE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/error.h"

struct mlg_runner;

/* An open file. `size` is -1 for what cannot be read at an offset (pipes, standard input). */
struct mlg_file {
    void *handle;
    int64_t size;
    int64_t modified; /* nanoseconds since 1970, 0 if unknown: a change while reading is an error */
};

struct mlg_world {
    void *self;

    /* Opens `path` for reading; "-" is standard input. Directories, missing and unreadable files are
     * MLG_WORLD errors whose sentence names the path. */
    int (*open)(void *self, const char *path, struct mlg_file *file, struct mlg_error *error);
    /* Up to `size` bytes from `offset` on (offset is ignored for streams: the next bytes). Returns the
     * number of bytes, 0 at the end, -1 with the reason in `error`, which does not name the file. Never
     * returns early except at the end. */
    int64_t (*read)(void *self, struct mlg_file *file, int64_t offset, void *buffer, size_t size,
                    struct mlg_error *error);
    /* Size and time of change as they are now, to notice a file that changed while it was read. */
    int (*stat)(void *self, struct mlg_file *file, int64_t *size, int64_t *modified);
    void (*close)(void *self, struct mlg_file *file);

    /* Writes the whole file or nothing: temporary file beside it, fsync, rename; behind a link the file that
     * it leads to. "-" is standard output. What is no plain file (a device, a pipe, an open descriptor
     * such as /dev/stdout) is written to, never replaced or removed. A failure leaves no half file and
     * removes an older file of that name, so that a stale report never looks fresh. */
    int (*write)(void *self, const char *path, const char *bytes, size_t size, struct mlg_error *error);
    /* Makes a new file that holds `bytes`, or none; nothing that exists is ever replaced. *exists: there is
     * something of that name already, be it a file that cannot be read, a directory or a link that leads
     * nowhere; asking and making are one step. "-" is a name like any other. */
    int (*create)(void *self, const char *path, const char *bytes, size_t size, bool *exists,
                  struct mlg_error *error);
    /* Adds to the end of a plain file, which is made where it is missing. */
    int (*append)(void *self, const char *path, const char *bytes, size_t size, struct mlg_error *error);
    /* Before the work: makes the directories that are missing above `path`, and finds out whether it could be
     * written, with the sentence that `write` would give. *is_stream: what goes there cannot be taken back.
     */
    int (*prepare)(void *self, const char *path, bool *is_stream, struct mlg_error *error);
    /* Removes the plain file if it is there: called for every report path before the work begins. */
    int (*remove)(void *self, const char *path, struct mlg_error *error);
    /* stream 1 is standard output, 2 standard error. Nonzero: it could not be written. */
    int (*print)(void *self, int stream, const char *bytes, size_t size);
    bool (*is_terminal)(void *self, int stream);

    /* NULL where unset. */
    const char *(*environment)(void *self, const char *name);
    /* The name of the variable `index` (it need not end at `size`); NULL beyond the last. NULL: they cannot
     * be listed. */
    const char *(*variable)(void *self, size_t index, size_t *size);
    double (*seconds)(void *self);      /* monotonic */
    int64_t (*unix_time)(void *self);   /* seconds since 1970, as they are: waivers end by them */
    unsigned (*processors)(void *self); /* that this process may use, at least 1 */
    const char *(*host)(void *self);    /* "" if unknown */
    /* Bytes that nobody can foresee. Nonzero: there are none. NULL: never. */
    int (*random)(void *self, void *bytes, size_t size);
    /* Do both lead to one plain file, there already or yet to be made, whatever their spelling? "-" is
     * standard input. NULL: spelling has to do. */
    bool (*same_file)(void *self, const char *a, const char *b);
    /* Reading a file has come to `done` of `total` bytes (-1: not known); path NULL: nothing is read any
     * more. Called for every block: whether and how often that is worth a line is the world's to say. NULL:
     * never. */
    void (*progress)(void *self, const char *path, int64_t done, int64_t total);
    /* Runs commands (command.h); NULL: this world does not. */
    const struct mlg_runner *runner;
};

struct mlg_arena;
/* A whole file of at most `limit` bytes, in the arena. NULL: told in `error`. */
char *mlg_world_read_file(const struct mlg_world *world, const char *path, size_t limit,
                          struct mlg_arena *arena, size_t *size, struct mlg_error *error);

#endif
