/* gzip: the one compressed format that is not left to libarchive, which does not compare the checksum.
 * zlib is loaded on first use. */
#ifndef MLG_DATA_GZIP_H
#define MLG_DATA_GZIP_H

#include "source.h"

/* Stands on `below` (not owned). `shown`: the name for sentences. */
int mlg_gzip_open(const struct mlg_bytes *below, const char *shown, struct mlg_bytes *bytes,
                  struct mlg_error *error);

#endif
