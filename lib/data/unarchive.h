/* unarchive: compressed streams and members of archives, through libarchive, which is loaded on first
 * use: linking it costs each start 4 ms. */
#ifndef MLG_DATA_UNARCHIVE_H
#define MLG_DATA_UNARCHIVE_H

#include "mlgate/content.h"
#include "source.h"

/* Stands on `below` (not owned). `member` NULL: one compressed stream (zstd, xz, bzip2); else the
 * contents of that member of a tar or zip archive. */
int mlg_archive_open(const struct mlg_bytes *below, const char *shown, const char *member,
                     struct mlg_bytes *bytes, struct mlg_error *error);

/* All members of a tar or zip archive, in order. `seek` is that of `below` (offset, SEEK_SET, SEEK_CUR or
 * SEEK_END; the new offset or -1); NULL: it cannot be had, and a zip file is read without its central
 * directory. */
struct mlg_walk;
int mlg_walk_open(const struct mlg_bytes *below, int64_t (*seek)(void *self, int64_t offset, int whence),
                  const char *shown, struct mlg_walk **walk, struct mlg_error *error);
/* 1, 0 at the end, -1: as mlg_members_next. */
int mlg_walk_next(struct mlg_walk *walk, struct mlg_member *member, struct mlg_error *error);
int64_t mlg_walk_read(struct mlg_walk *walk, void *buffer, size_t size, struct mlg_error *error);
void mlg_walk_close(struct mlg_walk *walk);

int mlg_members_open_tuned(const struct mlg_world *world, const char *path,
                           const struct mlg_reader_tuning *tuning, struct mlg_members **members,
                           struct mlg_error *error);

#endif
