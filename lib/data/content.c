/* content: files and the members of archives for those who read no tables. */
#include "mlgate/content.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "source.h"
#include "unarchive.h"

struct mlg_content {
    const struct mlg_world *world;
    const char *path;
    struct mlg_arena arena;
    struct mlg_source *source;
};

int mlg_content_open(const struct mlg_world *world, const char *path, struct mlg_content **out,
                     struct mlg_error *error)
{
    struct mlg_content *content = calloc(1, sizeof *content);
    if (!content)
        return mlg_error_set(error, MLG_LIMIT, "no memory to read '%s'", path);
    content->world = world;
    content->path = path;
    mlg_arena_init(&content->arena, 0);
    int code =
        mlg_source_open(world, &content->arena, path, &mlg_reader_tuning_usual, &content->source, error);
    if (code) {
        content->source = NULL;
        mlg_content_close(content);
        return code;
    }
    *out = content;
    return 0;
}

const unsigned char *mlg_content_peek(const struct mlg_content *content, size_t *size)
{
    return mlg_source_peek(content->source, size);
}

bool mlg_content_is_file(const struct mlg_content *content)
{
    return mlg_source_is_file(content->source);
}

int64_t mlg_content_plain_size(const struct mlg_content *content)
{
    return mlg_source_plain_size(content->source);
}

int64_t mlg_content_read(struct mlg_content *content, void *buffer, size_t size, struct mlg_error *error)
{
    return mlg_source_read(content->source, buffer, size, error);
}

int mlg_content_finish(struct mlg_content *content, struct mlg_error *error)
{
    struct mlg_read_summary summary = {0};
    if (mlg_source_plain_size(content->source) >= 0) /* no layer has a checksum */
        return mlg_source_changed(content->source, error) ? MLG_WORLD : 0;
    return mlg_source_finish(content->source, &summary, error);
}

void mlg_content_close(struct mlg_content *content)
{
    if (!content)
        return;
    mlg_source_close(content->source);
    mlg_arena_free(&content->arena);
    free(content);
}

/* ---- archives -------------------------------------------------------------------------------------- */

struct mlg_members {
    struct mlg_reader_tuning tuning;
    struct mlg_content *content;
    struct mlg_file file; /* of a plain file: read at offsets */
    bool is_open;
    int64_t offset; /* in it */
    struct mlg_bytes below;
    struct mlg_walk *walk;
    uint64_t read; /* bytes that came out of all members */
    bool finished;
};

bool mlg_is_archive(const unsigned char *bytes, size_t size)
{
    enum { TAR_MAGIC = 257 };
    bool zip = size >= 22 && bytes[0] == 'P' && bytes[1] == 'K' &&
               (memcmp(bytes + 2, "\3\4", 2) == 0 || memcmp(bytes + 2, "\5\6", 2) == 0);
    return zip || (size >= 512 && memcmp(bytes + TAR_MAGIC, "ustar", 5) == 0);
}

static int64_t stream_read(void *self, void *buffer, size_t size, struct mlg_error *error)
{
    const struct mlg_members *members = self;
    return mlg_content_read(members->content, buffer, size, error);
}

static int64_t file_read(void *self, void *buffer, size_t size, struct mlg_error *error)
{
    struct mlg_members *members = self;
    const struct mlg_world *world = members->content->world;
    int64_t rest = members->file.size - members->offset;
    if (rest <= 0)
        return 0;
    if ((int64_t)size > rest)
        size = (size_t)rest;
    int64_t got = world->read(world->self, &members->file, members->offset, buffer, size, error);
    if (got < 0 && error) {
        char why[MLG_ERROR_SIZE];
        memcpy(why, error->text, sizeof why);
        mlg_error_set(error, MLG_WORLD, "cannot read '%s': %s", members->content->path, why);
    }
    members->offset += got > 0 ? got : 0;
    return got;
}

static int64_t file_seek(void *self, int64_t offset, int whence)
{
    struct mlg_members *members = self;
    int64_t base = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? members->offset : members->file.size, to;
    if (__builtin_add_overflow(base, offset, &to) || to < 0)
        return -1;
    members->offset = to;
    return to;
}

int mlg_members_open(const struct mlg_world *world, const char *path, struct mlg_members **members,
                     struct mlg_error *error)
{
    return mlg_members_open_tuned(world, path, &mlg_reader_tuning_usual, members, error);
}

/* A zip file that holds nothing is its end alone, which libarchive does not take for one. */
static bool is_empty_zip(const struct mlg_content *content)
{
    enum { TOTAL = 10, END = 22 };
    size_t size;
    const unsigned char *first = mlg_content_peek(content, &size);
    return size >= END && memcmp(first, "PK\5\6", 4) == 0 && first[TOTAL] == 0 && first[TOTAL + 1] == 0;
}

int mlg_members_open_tuned(const struct mlg_world *world, const char *path,
                           const struct mlg_reader_tuning *tuning, struct mlg_members **out,
                           struct mlg_error *error)
{
    struct mlg_members *members = calloc(1, sizeof *members);
    if (!members)
        return mlg_error_set(error, MLG_LIMIT, "no memory to read '%s'", path);
    members->tuning = *tuning;
    int code = mlg_content_open(world, path, &members->content, error);
    bool plain = !code && mlg_content_plain_size(members->content) >= 0;
    if (plain)
        code = world->open(world->self, path, &members->file, error);
    members->is_open = plain && !code;
    members->below = (struct mlg_bytes){members, plain ? file_read : stream_read, NULL};
    members->finished = !code && is_empty_zip(members->content);
    if (!code && !members->finished)
        code = mlg_walk_open(&members->below, plain ? file_seek : NULL, path, &members->walk, error);
    if (code) {
        mlg_members_close(members);
        return code;
    }
    *out = members;
    return 0;
}

int mlg_members_next(struct mlg_members *members, struct mlg_member *member, struct mlg_error *error)
{
    if (members->finished)
        return 0;
    int more = mlg_walk_next(members->walk, member, error);
    members->finished = more <= 0;
    if (more == 0 && mlg_content_finish(members->content, error))
        return -1;
    return more;
}

int64_t mlg_members_read(struct mlg_members *members, void *buffer, size_t size, struct mlg_error *error)
{
    const struct mlg_reader_tuning *tuning = &members->tuning;
    int64_t got = mlg_walk_read(members->walk, buffer, size, error);
    members->read += got > 0 ? (uint64_t)got : 0;
    /* What a compressed stream unpacks to is watched by its source. */
    if (members->is_open && members->read > tuning->expansion_bytes &&
        members->read / tuning->expansion_ratio > (uint64_t)members->file.size) {
        mlg_error_set(error, MLG_LIMIT,
                      "'%s' expands to more than %llu times its size; at most %llu MiB may be so dense",
                      members->content->path, (unsigned long long)tuning->expansion_ratio,
                      (unsigned long long)(tuning->expansion_bytes >> 20));
        return -1;
    }
    return got;
}

int mlg_members_digest(struct mlg_members *members, uint64_t *size, char sha256[65], struct mlg_error *error)
{
    enum { BUFFER = 256 * 1024 };
    struct mlg_digest digest = {0};
    char *buffer = malloc(BUFFER);
    int64_t got = 0;
    int code = 0;
    *size = 0;
    if (!buffer)
        code = mlg_error_set(error, MLG_LIMIT, "no memory to read '%s'", members->content->path);
    mlg_digest_begin(&digest);
    while (!code && (got = mlg_members_read(members, buffer, BUFFER, error)) > 0) {
        mlg_digest_add(&digest, buffer, (size_t)got);
        *size += (uint64_t)got;
    }
    if (got < 0)
        code = error && error->code ? (int)error->code : MLG_DATA;
    free(buffer);
    if (!mlg_digest_end(&digest, sha256) && !code)
        code = mlg_error_set(error, MLG_INTERNAL, "SHA-256 is not available from libcrypto");
    mlg_digest_free(&digest);
    return code;
}

void mlg_members_close(struct mlg_members *members)
{
    if (!members)
        return;
    mlg_walk_close(members->walk);
    if (members->is_open)
        members->content->world->close(members->content->world->self, &members->file);
    mlg_content_close(members->content);
    free(members);
}
