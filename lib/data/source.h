/* source: the bytes of one input in order, decompressed, counted and hashed.
 *
 * "table.csv", "table.csv.gz", "archive.tar.gz//table.csv", "-". What is compressed is found by its
 * first bytes. Layers stand on each other: the file, gunzip, an archive's member, gunzip ...; at most
 * MLG_SOURCE_LAYERS of them.
 *
 * Always true:
 *  - read gives as many bytes as asked for except at the end; after an error nothing more is read
 *  - a file that is not read to its announced size, or whose size or time of change differ at the end,
 *    is an error
 *  - decompressed data may grow beyond tuning.expansion_bytes only while it is less than
 *    tuning.expansion_ratio times the bytes read (the most that deflate can do honestly is 1032)
 */
#ifndef MLG_DATA_SOURCE_H
#define MLG_DATA_SOURCE_H

#include "reader.h"

enum { MLG_SOURCE_LAYERS = 4, MLG_SOURCE_PEEK = 4096 };

/* Bytes that come in order: what a layer stands on and what it offers. */
struct mlg_bytes {
    void *self;
    /* The number of bytes, fewer than `size` at the end only; -1 with `error` filled. */
    int64_t (*read)(void *self, void *buffer, size_t size, struct mlg_error *error);
    void (*close)(void *self);
};

int mlg_source_open(const struct mlg_world *world, struct mlg_arena *arena, const char *path,
                    const struct mlg_reader_tuning *tuning, struct mlg_source **source,
                    struct mlg_error *error);
/* Begins again with what was opened, which must be a file; an error where it is another one by now. */
int mlg_source_reopen(struct mlg_source **source, struct mlg_arena *arena, struct mlg_error *error);
/* The first bytes, at most MLG_SOURCE_PEEK; they are read again by mlg_source_read. */
const unsigned char *mlg_source_peek(const struct mlg_source *source, size_t *size);
/* No pipe: it can be opened again. */
bool mlg_source_is_file(const struct mlg_source *source);
/* Of a plain file that can be read at an offset; else -1. */
int64_t mlg_source_plain_size(const struct mlg_source *source);
int64_t mlg_source_read(struct mlg_source *source, void *buffer, size_t size, struct mlg_error *error);

/* Bytes of a plain file at an offset, all of them: an error where there are fewer. Beside what is read in
 * order, and from any thread. */
int mlg_source_read_at(const struct mlg_source *source, int64_t offset, void *buffer, size_t size,
                       struct mlg_error *error);

/* Hashing goes along with reading, from here on and including all that was read before ... */
int mlg_source_hash_along(struct mlg_source *source, struct mlg_error *error);
/* ... or beside it, on a thread of its own (plain files with a size): hashes the next bytes; returns
 * how many, 0 at the end, -1 with `error` filled. */
int64_t mlg_source_hash_beside(struct mlg_source *source, void *buffer, size_t size, struct mlg_error *error);

/* Wants no hash: before anything but the first bytes was read. Summaries have none then. */
void mlg_source_without_hash(struct mlg_source *source);
/* Wants the hash of the content too: before anything but the first bytes was read. */
void mlg_source_hash_content(struct mlg_source *source);
/* Reads what is left (checksums stand at the end), looks whether the file changed, fills sha256, bytes
 * and, where wanted, content. */
int mlg_source_finish(struct mlg_source *source, struct mlg_read_summary *summary, struct mlg_error *error);
/* True, with `error` filled, when size or time of change are not those of the beginning. */
bool mlg_source_changed(struct mlg_source *source, struct mlg_error *error);
void mlg_source_close(struct mlg_source *source);

#endif
