/* source: the file, the layers on it, and its hash. */
#include "source.h"

#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "gzip.h"
#include "unarchive.h"

/* A layer's bytes, the first of which have been looked at. */
struct layer {
    struct mlg_source *source;
    struct mlg_bytes bytes; /* what this layer makes */
    struct mlg_bytes out;   /* the same, the peeked ones included: what the next one stands on */
    uint64_t total;
    size_t peeked, taken;
    unsigned char peek[MLG_SOURCE_PEEK];
};

struct mlg_source {
    const struct mlg_world *world;
    const char *path;  /* of the file in the world */
    const char *shown; /* with the member */
    struct mlg_reader_tuning tuning;
    struct mlg_file file;
    int64_t offset; /* bytes of the file read */
    int64_t hashed; /* bytes of the file hashed beside */
    bool open, along, without_hash;
    struct mlg_digest digest;
    bool wants_content;
    struct mlg_digest content; /* of the top layer, where that is not the file itself */
    size_t layer_count;
    struct layer *layers[MLG_SOURCE_LAYERS];
};

static int changed(const struct mlg_source *source, struct mlg_error *error)
{
    return mlg_error_set(error, MLG_WORLD, "'%s' changed while it was read", source->path);
}

/* The world says why; this says of what. Returns -1. */
static int cannot_read(const struct mlg_source *source, struct mlg_error *error)
{
    char why[MLG_ERROR_SIZE];
    memcpy(why, error->text, sizeof why);
    mlg_error_set(error, MLG_WORLD, "cannot read '%s': %s", source->shown, why);
    return -1;
}

static void tell_progress(const struct mlg_source *source, const char *path)
{
    if (source->world->progress)
        source->world->progress(source->world->self, path, source->offset, source->file.size);
}

/* The lowest layer: the file itself. */
static int64_t file_read(void *self, void *buffer, size_t size, struct mlg_error *error)
{
    struct mlg_source *source = self;
    bool sized = source->file.size >= 0;
    if (sized && (int64_t)size > source->file.size - source->offset)
        size = (size_t)(source->file.size - source->offset);
    if (size == 0)
        return 0;
    int64_t got =
        source->world->read(source->world->self, &source->file, source->offset, buffer, size, error);
    if (got < 0)
        return cannot_read(source, error);
    if (sized && (size_t)got < size)
        return changed(source, error), -1;
    if (source->along && !source->without_hash)
        mlg_digest_add(&source->digest, buffer, (size_t)got);
    source->offset += got;
    tell_progress(source, source->path);
    return got;
}

static void file_close(void *self)
{
    struct mlg_source *source = self;
    if (source->open) {
        tell_progress(source, NULL);
        source->world->close(source->world->self, &source->file);
    }
    source->open = false;
}

/* Every layer above the file makes more bytes than it reads; a file that makes absurdly many is told
 * off before it costs an hour. */
static bool expands_too_far(const struct mlg_source *source, const struct layer *layer)
{
    return layer != source->layers[0] && layer->total > source->tuning.expansion_bytes &&
           layer->total / source->tuning.expansion_ratio > (uint64_t)source->offset;
}

static int64_t layer_read(void *self, void *buffer, size_t size, struct mlg_error *error)
{
    struct layer *layer = self;
    size_t known = layer->peeked - layer->taken;
    if (known > size)
        known = size;
    if (known > 0) {
        memcpy(buffer, layer->peek + layer->taken, known);
        layer->taken += known;
        if (known == size || layer->peeked < sizeof layer->peek)
            return (int64_t)known; /* a short peek saw the end */
    }
    int64_t got = layer->bytes.read(layer->bytes.self, (char *)buffer + known, size - known, error);
    if (got < 0)
        return -1;
    layer->total += (uint64_t)got;
    if (expands_too_far(layer->source, layer)) {
        mlg_error_set(error, MLG_LIMIT,
                      "'%s' expands to more than %llu times its size; at most %llu MiB may be so dense",
                      layer->source->path, (unsigned long long)layer->source->tuning.expansion_ratio,
                      (unsigned long long)(layer->source->tuning.expansion_bytes >> 20));
        return -1;
    }
    return got + (int64_t)known;
}

static struct layer *top(const struct mlg_source *source)
{
    return source->layers[source->layer_count - 1];
}

static int add_layer(struct mlg_source *source, struct mlg_bytes bytes, struct mlg_error *error)
{
    struct layer *layer = calloc(1, sizeof *layer);
    if (!layer) {
        bytes.close(bytes.self);
        return mlg_error_set(error, MLG_LIMIT, "no memory to read '%s'", source->shown);
    }
    layer->source = source;
    layer->bytes = bytes;
    layer->out = (struct mlg_bytes){layer, layer_read, NULL};
    source->layers[source->layer_count++] = layer;
    int64_t got = bytes.read(bytes.self, layer->peek, sizeof layer->peek, error);
    if (got < 0)
        return error ? (int)error->code : MLG_DATA;
    layer->peeked = (size_t)got;
    layer->total = (uint64_t)got;
    return 0;
}

static bool starts(const struct layer *layer, const char *magic, size_t size)
{
    return layer->peeked >= size && memcmp(layer->peek, magic, size) == 0;
}

static bool is_gzip(const struct layer *layer)
{
    return starts(layer, "\x1f\x8b\x08", 3);
}

static bool is_packed(const struct layer *layer)
{
    /* bzip2: a level, then the digits of pi, or of its square root when empty */
    bool bzip2 = starts(layer, "BZh", 3) && layer->peeked >= 10 &&
                 (memcmp(layer->peek + 4, "1AY&SY", 6) == 0 ||
                  memcmp(layer->peek + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0);
    return bzip2 || starts(layer, "\x28\xb5\x2f\xfd", 4) ||
           starts(layer,
                  "\xfd"
                  "7zXZ\0",
                  6);
}

/* Puts layers on the file until the bytes are neither compressed nor the archive of `member`. */
static int unwrap(struct mlg_source *source, const char *member, struct mlg_error *error)
{
    for (;;) {
        const struct layer *below = top(source);
        bool gzip = is_gzip(below), packed = is_packed(below);
        if (!gzip && !packed && !member)
            return 0;
        if (source->layer_count == MLG_SOURCE_LAYERS)
            return mlg_error_set(error, MLG_LIMIT, "'%s' is compressed more than %d times over",
                                 source->shown, MLG_SOURCE_LAYERS - 1);
        int code = mlg_source_hash_along(source, error);
        struct mlg_bytes bytes;
        if (!code && gzip)
            code = mlg_gzip_open(&below->out, source->shown, &bytes, error);
        else if (!code &&
                 packed) /* a layer of its own, which is read to its end whatever the archive needs */
            code = mlg_archive_open(&below->out, source->shown, NULL, &bytes, error);
        else if (!code)
            code = mlg_archive_open(&below->out, source->path, member, &bytes, error);
        if (!code)
            code = add_layer(source, bytes, error);
        if (code)
            return code;
        if (!gzip && !packed)
            member = NULL;
    }
}

/* Opens the file; of "a//b" the whole first, then "a" with the member "b". */
static int open_file(struct mlg_source *source, struct mlg_arena *arena, const char *path,
                     const char **member, struct mlg_error *error)
{
    const struct mlg_world *world = source->world;
    *member = NULL;
    source->path = path;
    struct mlg_error first = {0}, ignored;
    int code = world->open(world->self, path, &source->file, &first);
    for (const char *cut = strstr(path, "//"); code && cut; cut = strstr(cut + 1, "//")) {
        if (cut == path || cut[2] == '\0')
            continue;
        char *archive = mlg_arena_copy(arena, path, (size_t)(cut - path));
        if (!archive)
            return mlg_error_set(error, MLG_LIMIT, "no memory to read '%s'", path);
        if (world->open(world->self, archive, &source->file, &ignored) == 0) {
            source->path = archive;
            *member = cut + 2;
            code = 0;
        }
    }
    if (code && error)
        *error = first;
    source->open = code == 0;
    return code;
}

int mlg_source_open(const struct mlg_world *world, struct mlg_arena *arena, const char *path,
                    const struct mlg_reader_tuning *tuning, struct mlg_source **out, struct mlg_error *error)
{
    struct mlg_source *source = MLG_NEW(arena, struct mlg_source);
    if (!source)
        return mlg_error_set(error, MLG_LIMIT, "no memory to read '%s'", path);
    source->world = world;
    source->tuning = *tuning;
    source->shown = strcmp(path, "-") == 0 ? "standard input" : path;
    const char *member;
    struct mlg_error own = {0};
    int code = open_file(source, arena, path, &member, &own);
    if (!code)
        code = add_layer(source, (struct mlg_bytes){source, file_read, file_close}, &own);
    if (!code && source->file.size < 0) { /* what has gone by cannot be read again */
        source->along = mlg_digest_begin(&source->digest);
        mlg_digest_add(&source->digest, top(source)->peek, top(source)->peeked);
    }
    if (!code)
        code = unwrap(source, member, &own);
    if (code) {
        if (error)
            *error = own;
        mlg_source_close(source);
        return code;
    }
    *out = source;
    return 0;
}

int mlg_source_reopen(struct mlg_source **source, struct mlg_arena *arena, struct mlg_error *error)
{
    struct mlg_source *before = *source, *again = NULL;
    int code = mlg_source_open(before->world, arena, before->shown, &before->tuning, &again, error);
    if (code || !again)
        return code;
    if (again->file.size != before->file.size || again->file.modified != before->file.modified) {
        mlg_source_close(again);
        return changed(before, error);
    }
    if (before->without_hash)
        mlg_source_without_hash(again);
    if (before->wants_content)
        mlg_source_hash_content(again);
    mlg_source_close(before);
    *source = again;
    return 0;
}

const unsigned char *mlg_source_peek(const struct mlg_source *source, size_t *size)
{
    *size = top(source)->peeked;
    return top(source)->peek;
}

bool mlg_source_is_file(const struct mlg_source *source)
{
    return source->file.size >= 0;
}

int64_t mlg_source_plain_size(const struct mlg_source *source)
{
    return source->layer_count == 1 ? source->file.size : -1;
}

int64_t mlg_source_read(struct mlg_source *source, void *buffer, size_t size, struct mlg_error *error)
{
    int64_t got = layer_read(top(source), buffer, size, error);
    if (got > 0 && source->wants_content && source->layer_count > 1)
        mlg_digest_add(&source->content, buffer, (size_t)got);
    return got;
}

int mlg_source_read_at(const struct mlg_source *source, int64_t offset, void *buffer, size_t size,
                       struct mlg_error *error)
{
    struct mlg_file file = source->file;
    const int64_t got = source->world->read(source->world->self, &file, offset, buffer, size, error);
    if (got < 0)
        return cannot_read(source, error), MLG_WORLD;
    return (size_t)got < size ? changed(source, error) : 0;
}

void mlg_source_without_hash(struct mlg_source *source)
{
    source->without_hash = true;
}

void mlg_source_hash_content(struct mlg_source *source)
{
    source->wants_content = true;
    if (source->layer_count > 1)
        mlg_digest_begin(&source->content);
}

int mlg_source_hash_along(struct mlg_source *source, struct mlg_error *error)
{
    if (source->along || source->without_hash) {
        source->along = true;
        return 0;
    }
    if (!mlg_digest_begin(&source->digest))
        return mlg_error_set(error, MLG_INTERNAL, "SHA-256 is not available from libcrypto");
    char buffer[16 * 1024];
    int64_t got = 0;
    while (source->hashed < source->offset && got >= 0) {
        int64_t rest = source->offset - source->hashed;
        size_t size = rest < (int64_t)sizeof buffer ? (size_t)rest : sizeof buffer;
        got = mlg_source_hash_beside(source, buffer, size, error);
    }
    source->along = true;
    return got < 0 ? MLG_WORLD : 0;
}

int64_t mlg_source_hash_beside(struct mlg_source *source, void *buffer, size_t size, struct mlg_error *error)
{
    if (!mlg_digest_begin(&source->digest))
        return mlg_error_set(error, MLG_INTERNAL, "SHA-256 is not available from libcrypto"), -1;
    int64_t rest = source->file.size - source->hashed;
    if ((int64_t)size > rest)
        size = (size_t)rest;
    if (size == 0)
        return 0;
    int64_t got =
        source->world->read(source->world->self, &source->file, source->hashed, buffer, size, error);
    if (got < 0)
        return cannot_read(source, error);
    if ((size_t)got < size)
        return changed(source, error), -1;
    mlg_digest_add(&source->digest, buffer, size);
    source->hashed += got;
    return got;
}

bool mlg_source_changed(struct mlg_source *source, struct mlg_error *error)
{
    int64_t size, modified;
    if (source->file.size < 0)
        return false;
    if (source->world->stat(source->world->self, &source->file, &size, &modified) == 0 &&
        size == source->file.size && modified == source->file.modified)
        return false;
    changed(source, error);
    return true;
}

int mlg_source_finish(struct mlg_source *source, struct mlg_read_summary *summary, struct mlg_error *error)
{
    /* From the top down: what a layer has left must be read for the checksum at its end. */
    if (source->along) {
        char *scratch = malloc(64 * 1024);
        int64_t got = scratch ? 1 : -1;
        if (!scratch)
            mlg_error_set(error, MLG_LIMIT, "no memory to read '%s'", source->shown);
        for (size_t i = source->layer_count; i-- > 0 && got >= 0;)
            do
                got = i + 1 == source->layer_count ? mlg_source_read(source, scratch, 64 * 1024, error)
                                                   : layer_read(source->layers[i], scratch, 64 * 1024, error);
            while (got > 0);
        free(scratch);
        if (got < 0)
            return error && error->code ? (int)error->code : MLG_DATA;
    }
    tell_progress(source, NULL);
    if (mlg_source_changed(source, error))
        return MLG_WORLD;
    /* What is read at offsets alone is hashed beside that. */
    summary->bytes = (uint64_t)(source->hashed > source->offset ? source->hashed : source->offset);
    if (source->without_hash)
        return 0;
    if (!mlg_digest_end(&source->digest, summary->sha256))
        return mlg_error_set(error, MLG_INTERNAL, "SHA-256 is not available from libcrypto");
    if (source->wants_content && source->layer_count == 1)
        memcpy(summary->content, summary->sha256, sizeof summary->content);
    else if (source->wants_content && !mlg_digest_end(&source->content, summary->content))
        return mlg_error_set(error, MLG_INTERNAL, "SHA-256 is not available from libcrypto");
    return 0;
}

char *mlg_file_read(const struct mlg_world *world, const char *path, size_t limit, struct mlg_arena *arena,
                    size_t *size, struct mlg_read_summary *summary, struct mlg_error *error)
{
    struct mlg_source *source = NULL;
    struct mlg_error own = {0};
    size_t capacity = 0, used = 0;
    char *bytes = NULL;
    int64_t got = 1;
    if (mlg_source_open(world, arena, path, &mlg_reader_tuning_usual, &source, &own) == MLG_OK && source) {
        int code = mlg_source_hash_along(source, &own);
        while (code == MLG_OK && got > 0) {
            char *grown = mlg_arena_grow(arena, bytes, &capacity, used + 64 * 1024, 1);
            if (!grown)
                code = mlg_error_set(&own, MLG_LIMIT, "no memory to read '%s'", source->shown);
            else {
                bytes = grown;
                got = mlg_source_read(source, bytes + used, capacity - used, &own);
                used += got > 0 ? (size_t)got : 0;
            }
            if (code == MLG_OK && used > limit)
                code = mlg_error_set(&own, MLG_LIMIT, "'%s' is too large; at most %zu MiB are read",
                                     source->shown, limit >> 20);
        }
        if (code == MLG_OK && got == 0)
            mlg_source_finish(source, summary, &own);
        mlg_source_close(source);
    }
    *size = used;
    if (own.code != MLG_OK && error)
        *error = own;
    return own.code == MLG_OK ? bytes : NULL;
}

void mlg_source_close(struct mlg_source *source)
{
    if (!source)
        return;
    for (size_t i = source->layer_count; i-- > 0;) {
        struct layer *layer = source->layers[i];
        layer->bytes.close(layer->bytes.self);
        free(layer);
    }
    source->layer_count = 0;
    file_close(source);
    mlg_digest_free(&source->digest);
    mlg_digest_free(&source->content);
}
