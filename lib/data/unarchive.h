/* unarchive: compressed streams and members of archives, through libarchive, which is loaded on first
 * use: linking it costs each start 4 ms. */
#ifndef MLG_DATA_UNARCHIVE_H
#define MLG_DATA_UNARCHIVE_H

#include "source.h"

/* Stands on `below` (not owned). `member` NULL: one compressed stream (zstd, xz, bzip2); else the
 * contents of that member of a tar or zip archive. */
int mlg_archive_open(const struct mlg_bytes *below, const char *shown, const char *member,
                     struct mlg_bytes *bytes, struct mlg_error *error);

#endif
