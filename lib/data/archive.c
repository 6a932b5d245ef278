/* archive: the door to libarchive. */
#include "unarchive.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/library.h"

enum { INPUT_BYTES = 64 * 1024, MEMBERS_TOLD = 5, MEMBERS_LIMIT = 1000000 };

#define FUNCTIONS(X)                                                                                         \
    X(archive_read_new)                                                                                      \
    X(archive_read_free)                                                                                     \
    X(archive_read_support_filter_bzip2)                                                                     \
    X(archive_read_support_filter_xz)                                                                        \
    X(archive_read_support_filter_zstd)                                                                      \
    X(archive_read_support_format_empty)                                                                     \
    X(archive_read_support_format_raw)                                                                       \
    X(archive_read_support_format_tar)                                                                       \
    X(archive_read_support_format_zip_streamable)                                                            \
    X(archive_read_support_format_zip_seekable)                                                              \
    X(archive_read_set_seek_callback)                                                                        \
    X(archive_read_open)                                                                                     \
    X(archive_read_next_header)                                                                              \
    X(archive_filter_bytes)                                                                                  \
    X(archive_read_data)                                                                                     \
    X(archive_entry_pathname)                                                                                \
    X(archive_entry_pathname_utf8)                                                                           \
    X(archive_entry_filetype)                                                                                \
    X(archive_entry_size)                                                                                    \
    X(archive_entry_size_is_set)                                                                             \
    X(archive_entry_is_encrypted)                                                                            \
    X(archive_entry_hardlink)                                                                                \
    X(archive_entry_symlink)                                                                                 \
    X(archive_error_string)                                                                                  \
    X(archive_set_error)

struct unpacker {
    const struct mlg_bytes *below;
    const char *shown;
    void *library;
    struct archive *archive;
    struct mlg_error below_error; /* what reading below said; libarchive only knows that it failed */
    uint64_t given;               /* bytes of below that libarchive was given */
    bool below_failed, finished, is_member;
    int64_t (*seek)(void *self, int64_t offset, int whence); /* of below; NULL: none */
    char member[256];                                        /* the one that is read, for sentences */
#define FIELD(name) __typeof__(name) *(name);
    FUNCTIONS(FIELD)
#undef FIELD
    unsigned char input[INPUT_BYTES];
};

static bool load(struct unpacker *unpacker)
{
    unpacker->library = mlg_library_load("libarchive.so.13");
    bool whole = unpacker->library != NULL;
#define FIND(name) whole = whole && mlg_library_find(unpacker->library, #name, &unpacker->name);
    FUNCTIONS(FIND)
#undef FIND
    return whole;
}

static void unpacker_close(void *self)
{
    struct unpacker *unpacker = self;
    if (unpacker->archive)
        unpacker->archive_read_free(unpacker->archive);
    mlg_library_release(unpacker->library);
    free(unpacker);
}

static la_ssize_t read_below(struct archive *archive, void *context, const void **buffer)
{
    struct unpacker *unpacker = context;
    int64_t got = unpacker->below->read(unpacker->below->self, unpacker->input, sizeof unpacker->input,
                                        &unpacker->below_error);
    if (got < 0) {
        unpacker->below_failed = true;
        unpacker->archive_set_error(archive, ARCHIVE_FATAL, "the input cannot be read");
        return ARCHIVE_FATAL;
    }
    *buffer = unpacker->input;
    unpacker->given += (uint64_t)got;
    return (la_ssize_t)got;
}

static int failed(const struct unpacker *unpacker, struct mlg_error *error)
{
    if (unpacker->below_failed) {
        if (error)
            *error = unpacker->below_error;
        return (int)unpacker->below_error.code;
    }
    const char *why = unpacker->archive_error_string(unpacker->archive);
    return mlg_error_set(error, MLG_DATA, "'%s' is damaged: %s", unpacker->shown,
                         why ? why : "it cannot be decompressed");
}

/* Is all of the file decompressed? libarchive takes a bzip2 stream for the last one when what follows does
 * not look like another, be it damaged or garbage, and says nothing. */
static int check_consumed(struct unpacker *unpacker, struct mlg_error *error)
{
    int64_t consumed = unpacker->archive_filter_bytes(unpacker->archive, -1);
    int64_t more = 0;
    if (consumed >= 0 && (uint64_t)consumed == unpacker->given)
        more = unpacker->below->read(unpacker->below->self, unpacker->input, sizeof unpacker->input, error);
    if (more < 0)
        return error ? (int)error->code : MLG_WORLD;
    if (consumed < 0 || (uint64_t)consumed < unpacker->given || more > 0)
        return mlg_error_set(error, MLG_DATA,
                             "'%s' is damaged: bytes that cannot be decompressed follow its end",
                             unpacker->shown);
    return 0;
}

static int64_t unpacker_read(void *self, void *buffer, size_t size, struct mlg_error *error)
{
    struct unpacker *unpacker = self;
    size_t done = 0;
    while (done < size && !unpacker->finished) {
        la_ssize_t got = unpacker->archive_read_data(unpacker->archive, (char *)buffer + done, size - done);
        if (got == ARCHIVE_RETRY)
            continue;
        if (got < 0) {
            failed(unpacker, error);
            return -1;
        }
        unpacker->finished = got == 0;
        if (unpacker->finished && !unpacker->is_member && check_consumed(unpacker, error))
            return -1;
        done += (size_t)got;
    }
    return (int64_t)done;
}

static const char *name_of(const struct unpacker *unpacker, struct archive_entry *entry)
{
    const char *name = unpacker->archive_entry_pathname(entry);
    if (!name)
        name = unpacker->archive_entry_pathname_utf8(entry);
    if (!name)
        return "";
    return strncmp(name, "./", 2) == 0 ? name + 2 : name;
}

static int find_member(struct unpacker *unpacker, const char *member, struct mlg_error *error)
{
    char seen[512] = "";
    size_t used = 0, count = 0;
    struct archive_entry *entry;
    for (;;) {
        int code = unpacker->archive_read_next_header(unpacker->archive, &entry);
        if (code == ARCHIVE_RETRY)
            continue;
        if (code == ARCHIVE_EOF)
            break;
        if (code < ARCHIVE_WARN)
            return failed(unpacker, error);
        const char *name = name_of(unpacker, entry);
        if (unpacker->archive_entry_filetype(entry) != AE_IFREG)
            continue;
        if (strcmp(name, member) == 0)
            return 0;
        if (++count > MEMBERS_LIMIT)
            return mlg_error_set(error, MLG_LIMIT, "'%s' holds more than %d members", unpacker->shown,
                                 MEMBERS_LIMIT);
        if (count <= MEMBERS_TOLD && used < sizeof seen) {
            int wrote = snprintf(seen + used, sizeof seen - used, "%s'%s'", count > 1 ? ", " : "", name);
            used += wrote > 0 ? (size_t)wrote : 0;
        }
    }
    if (count == 0)
        return mlg_error_set(error, MLG_DATA, "'%s' holds no member '%s'; it holds no files", unpacker->shown,
                             member);
    return mlg_error_set(error, MLG_DATA, "'%s' holds no member '%s'; it holds %s%s", unpacker->shown, member,
                         seen, count > MEMBERS_TOLD || used >= sizeof seen ? " and more" : "");
}

static int begin(struct unpacker *unpacker, const char *member, struct mlg_error *error)
{
    unpacker->archive = unpacker->archive_read_new();
    struct archive *archive = unpacker->archive;
    if (!archive)
        return mlg_error_set(error, MLG_LIMIT, "no memory to decompress '%s'", unpacker->shown);
    if (member) {
        unpacker->archive_read_support_format_tar(archive);
        unpacker->archive_read_support_format_zip_streamable(archive);
    } else {
        unpacker->archive_read_support_filter_bzip2(archive);
        unpacker->archive_read_support_filter_xz(archive);
        unpacker->archive_read_support_filter_zstd(archive);
        unpacker->archive_read_support_format_raw(archive);
        unpacker->archive_read_support_format_empty(archive);
    }
    if (unpacker->archive_read_open(archive, unpacker, NULL, read_below, NULL) != ARCHIVE_OK)
        return failed(unpacker, error);
    if (member)
        return find_member(unpacker, member, error);
    struct archive_entry *entry;
    int code = unpacker->archive_read_next_header(archive, &entry);
    if (code < ARCHIVE_WARN)
        return failed(unpacker, error);
    unpacker->finished = code == ARCHIVE_EOF;
    return unpacker->finished ? check_consumed(unpacker, error) : 0;
}

int mlg_archive_open(const struct mlg_bytes *below, const char *shown, const char *member,
                     struct mlg_bytes *bytes, struct mlg_error *error)
{
    struct unpacker *unpacker = calloc(1, sizeof *unpacker);
    if (!unpacker)
        return mlg_error_set(error, MLG_LIMIT, "no memory to decompress '%s'", shown);
    unpacker->below = below;
    unpacker->shown = shown;
    unpacker->is_member = member != NULL;
    int code;
    if (load(unpacker))
        code = begin(unpacker, member, error);
    else
        code =
            mlg_error_set(error, MLG_WORLD, "'%s' is %s, and libarchive (libarchive.so.13) cannot be loaded",
                          shown, member ? "an archive" : "compressed");
    if (code) {
        unpacker_close(unpacker);
        return code;
    }
    *bytes = (struct mlg_bytes){unpacker, unpacker_read, unpacker_close};
    return 0;
}

/* ---- all members ------------------------------------------------------------------------------------- */

/* A walk is an unpacker that goes on. */
static struct unpacker *unpacker_of(struct mlg_walk *walk)
{
    return (struct unpacker *)(void *)walk;
}

static la_int64_t seek_below(struct archive *archive, void *context, la_int64_t offset, int whence)
{
    const struct unpacker *unpacker = context;
    int64_t to = unpacker->seek(unpacker->below->self, offset, whence);
    (void)archive;
    return to < 0 ? ARCHIVE_FATAL : to;
}

static int begin_walk(struct unpacker *unpacker, struct mlg_error *error)
{
    unpacker->archive = unpacker->archive_read_new();
    struct archive *archive = unpacker->archive;
    if (!archive)
        return mlg_error_set(error, MLG_LIMIT, "no memory to read '%s'", unpacker->shown);
    unpacker->archive_read_support_format_tar(archive);
    if (unpacker->seek) {
        unpacker->archive_read_support_format_zip_seekable(archive);
        unpacker->archive_read_set_seek_callback(archive, seek_below);
    } else {
        unpacker->archive_read_support_format_zip_streamable(archive);
    }
    if (unpacker->archive_read_open(archive, unpacker, NULL, read_below, NULL) != ARCHIVE_OK)
        return failed(unpacker, error);
    return 0;
}

int mlg_walk_open(const struct mlg_bytes *below, int64_t (*seek)(void *self, int64_t offset, int whence),
                  const char *shown, struct mlg_walk **walk, struct mlg_error *error)
{
    struct unpacker *unpacker = calloc(1, sizeof *unpacker);
    if (!unpacker)
        return mlg_error_set(error, MLG_LIMIT, "no memory to read '%s'", shown);
    unpacker->below = below;
    unpacker->shown = shown;
    unpacker->seek = seek;
    unpacker->is_member = true;
    int code =
        load(unpacker)
            ? begin_walk(unpacker, error)
            : mlg_error_set(error, MLG_WORLD,
                            "'%s' is an archive, and libarchive (libarchive.so.13) cannot be loaded", shown);
    if (code) {
        unpacker_close(unpacker);
        return code;
    }
    *walk = (struct mlg_walk *)(void *)unpacker;
    return 0;
}

/* Says which member it was. */
static int failed_member(const struct unpacker *unpacker, struct mlg_error *error)
{
    if (unpacker->below_failed || unpacker->member[0] == '\0')
        return failed(unpacker, error), -1;
    const char *why = unpacker->archive_error_string(unpacker->archive);
    mlg_error_set(error, MLG_DATA, "'%s//%s' is damaged: %s", unpacker->shown, unpacker->member,
                  why ? why : "it cannot be read");
    return -1;
}

int mlg_walk_next(struct mlg_walk *walk, struct mlg_member *member, struct mlg_error *error)
{
    struct unpacker *unpacker = unpacker_of(walk);
    struct archive_entry *entry;
    for (;;) {
        int code = unpacker->archive_read_next_header(unpacker->archive, &entry);
        if (code == ARCHIVE_RETRY)
            continue;
        if (code == ARCHIVE_EOF)
            return 0;
        if (code < ARCHIVE_WARN)
            return failed_member(unpacker, error);
        if (unpacker->archive_entry_filetype(entry) == AE_IFDIR)
            continue;
        break;
    }
    *member = (struct mlg_member){.name = name_of(unpacker, entry), .size = -1};
    snprintf(unpacker->member, sizeof unpacker->member, "%s", member->name);
    if (unpacker->archive_entry_is_encrypted(entry)) {
        mlg_error_set(error, MLG_DATA, "'%s//%s' is encrypted", unpacker->shown, unpacker->member);
        return -1;
    }
    member->link = unpacker->archive_entry_hardlink(entry);
    if (!member->link)
        member->link = unpacker->archive_entry_symlink(entry);
    if (member->link)
        member->type = MLG_MEMBER_LINK;
    else if (unpacker->archive_entry_filetype(entry) != AE_IFREG)
        member->type = MLG_MEMBER_OTHER;
    if (unpacker->archive_entry_size_is_set(entry))
        member->size = unpacker->archive_entry_size(entry);
    unpacker->finished = false;
    return 1;
}

int64_t mlg_walk_read(struct mlg_walk *walk, void *buffer, size_t size, struct mlg_error *error)
{
    struct unpacker *unpacker = unpacker_of(walk);
    size_t done = 0;
    while (done < size && !unpacker->finished) {
        la_ssize_t got = unpacker->archive_read_data(unpacker->archive, (char *)buffer + done, size - done);
        if (got == ARCHIVE_RETRY)
            continue;
        if (got < 0)
            return failed_member(unpacker, error);
        unpacker->finished = got == 0;
        done += (size_t)got;
    }
    return (int64_t)done;
}

void mlg_walk_close(struct mlg_walk *walk)
{
    if (walk)
        unpacker_close(walk);
}
