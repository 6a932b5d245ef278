/* content: what a file holds, unpacked, and the members of archives, in order.
 *
 * Always true:
 *  - a file is decompressed (gzip, zstd, xz, bzip2, several times over) before anything is told of it
 *  - read gives as many bytes as asked for except at the end; after an error nothing more is read
 *  - what unpacks to absurdly more than it takes (1,000 times, from 1 GiB on) is an MLG_LIMIT error
 *  - errors name the file, as it was called in `path`
 */
#ifndef MLGATE_CONTENT_H
#define MLGATE_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/error.h"
#include "mlgate/world.h"

struct mlg_content;

/* SHA-256 and size of a file as it is stored. */
int mlg_file_digest(const struct mlg_world *world, const char *path, char sha256[65], uint64_t *size,
                    struct mlg_error *error);

/* Opens `path` ("-": standard input; "a.zip//b": a member). `path` and the world outlive the content. */
int mlg_content_open(const struct mlg_world *world, const char *path, struct mlg_content **content,
                     struct mlg_error *error);
/* The first bytes, at most 4,096; mlg_content_read gives them again. */
const unsigned char *mlg_content_peek(const struct mlg_content *content, size_t *size);
/* No pipe: it can be opened again. */
bool mlg_content_is_file(const struct mlg_content *content);
/* Bytes of a plain file, whose content is the file itself; else -1. */
int64_t mlg_content_plain_size(const struct mlg_content *content);
/* The next bytes; -1 with `error` filled. */
int64_t mlg_content_read(struct mlg_content *content, void *buffer, size_t size, struct mlg_error *error);
/* Reads what is left, for the checksums that stand at the end, and looks whether the file changed. */
int mlg_content_finish(struct mlg_content *content, struct mlg_error *error);
void mlg_content_close(struct mlg_content *content);

/* ---- archives: tar and zip ------------------------------------------------------------------------- */

enum mlg_member_type { MLG_MEMBER_FILE, MLG_MEMBER_LINK, MLG_MEMBER_OTHER };

struct mlg_member {
    const char *name; /* without "./" at its start; valid until the next member */
    enum mlg_member_type type;
    const char *link; /* of a link: where it leads; valid as long as the name */
    int64_t size;     /* as the archive says; -1: it does not, or not yet */
};

struct mlg_members;

/* Do these first bytes (as many as mlg_content_peek gives) begin a tar or zip archive? */
bool mlg_is_archive(const unsigned char *bytes, size_t size);
/* Of a zip file that can be read at an offset the central directory counts, else what comes in order. */
int mlg_members_open(const struct mlg_world *world, const char *path, struct mlg_members **members,
                     struct mlg_error *error);
/* Goes to the next member, directories left out: 1, 0 at the end (checksums of all layers are then
 * checked), -1 with `error` filled. */
int mlg_members_next(struct mlg_members *members, struct mlg_member *member, struct mlg_error *error);
/* The next bytes of this member. */
int64_t mlg_members_read(struct mlg_members *members, void *buffer, size_t size, struct mlg_error *error);
/* Reads what is left of this member instead: its size and SHA-256 (of all of it, where nothing was read). */
int mlg_members_digest(struct mlg_members *members, uint64_t *size, char sha256[65], struct mlg_error *error);
void mlg_members_close(struct mlg_members *members);

#endif
