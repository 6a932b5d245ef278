/* formats: which format lies on both sides, and who compares it. */
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "mlgate/content.h"

enum format { ARCHIVE, NPY, SAFETENSORS, ONNX, TABLE, JSON, LINES, TEXT, PICKLE, STORAGE, HDF5, BYTES };

/* A row per format: what a sentence calls it, and the kind of its parts. */
static const struct {
    const char *word;
    enum mlg_part_kind kind;
} formats[] = {
    [ARCHIVE] = {"an archive", MLG_PART_BYTES},
    [NPY] = {"an array", MLG_PART_TENSOR},
    [SAFETENSORS] = {"safetensors", MLG_PART_BYTES},
    [ONNX] = {"an ONNX model", MLG_PART_BYTES},
    [TABLE] = {"a table", MLG_PART_COLUMN},
    [JSON] = {"JSON", MLG_PART_JSON},
    [LINES] = {"JSON lines", MLG_PART_LINES},
    [TEXT] = {"text", MLG_PART_TEXT},
    [PICKLE] = {"a pickle", MLG_PART_PICKLE},
    [STORAGE] = {"a storage", MLG_PART_STORAGE},
    [HDF5] = {"HDF5", MLG_PART_HDF5},
    [BYTES] = {"bytes", MLG_PART_BYTES},
};

static const char pickle_hint[] = "a pickle is not read; compare predictions instead, or save the numbers as "
                                  "safetensors or npz";
static const char storage_hint[] =
    "the type of its numbers stands in a pickle that is not understood; save the "
    "weights as safetensors to see how far they moved";
static const char hdf5_hint[] =
    "HDF5 is compared as bytes; compare predictions instead, or save the numbers as "
    "safetensors or npz";

/* Also with the ending of a compression behind it. */
static bool has_ending(const char *path, const char *end)
{
    static const char *const packed[] = {"", ".gz", ".zst", ".xz", ".bz2"};
    const size_t size = strlen(path), tail = strlen(end);
    for (size_t i = 0; i < sizeof packed / sizeof *packed; i++) {
        const size_t more = strlen(packed[i]);
        if (mlg_text_ends_with(path, packed[i]) && size >= tail + more &&
            memcmp(path + size - more - tail, end, tail) == 0)
            return true;
    }
    return false;
}

bool is_onnx_name(const char *path)
{
    return has_ending(path, ".onnx");
}

static bool is_pickle_name(const char *path)
{
    return has_ending(path, ".pkl") || has_ending(path, ".pickle") || has_ending(path, ".joblib");
}

/* "data/17" of a .pt file. */
static bool is_storage_name(const char *name)
{
    const char *slash = strrchr(name, '/');
    if (!slash || slash[1] == '\0' || strspn(slash + 1, "0123456789") != strlen(slash + 1))
        return false;
    return slash - name >= 4 && memcmp(slash - 4, "data", 4) == 0 && (slash - name == 4 || slash[-5] == '/');
}

static enum format format_of_name(const char *path)
{
    return has_ending(path, ".csv") || has_ending(path, ".tsv")                   ? TABLE
           : has_ending(path, ".parquet") || has_ending(path, ".pq")              ? TABLE
           : has_ending(path, ".json")                                            ? JSON
           : has_ending(path, ".jsonl") || has_ending(path, ".ndjson")            ? LINES
           : is_pickle_name(path)                                                 ? PICKLE
           : mlg_text_ends_with(path, ".npy")                                     ? NPY
           : mlg_text_ends_with(path, ".h5") || mlg_text_ends_with(path, ".hdf5") ? HDF5
           : is_storage_name(path)                                                ? STORAGE
                                                                                  : BYTES;
}

bool is_lines_name(const char *path)
{
    return format_of_name(path) == LINES;
}

bool is_table_name(const char *path)
{
    return format_of_name(path) == TABLE || format_of_name(path) == LINES;
}

enum mlg_part_kind kind_of_name(const char *name)
{
    const enum format format = format_of_name(name);
    return format == TABLE ? MLG_PART_BYTES : formats[format].kind;
}

static int find_format(struct context *context, struct blob *blob, bool is_member, enum format *format)
{
    unsigned char first[4096], end[4] = {0}, last = 0;
    const size_t size = blob->size < sizeof first ? (size_t)blob->size : sizeof first;
    int code = blob_read(blob, 0, first, size, context->error);
    if (!code && size > 0)
        code = blob_read(blob, blob->size - 1, &last, 1, context->error);
    if (!code && size >= sizeof end)
        code = blob_read(blob, blob->size - sizeof end, end, sizeof end, context->error);
    if (code)
        return code;
    const char *path = blob->path;
    const enum format by_name = format_of_name(path);
    size_t blank = 0;
    while (blank < size && strchr(" \t\r\n", first[blank]) && first[blank])
        blank++;
    const bool pickled = size > 2 && first[0] == 0x80 && first[1] >= 2 && first[1] <= 5 && last == '.';
    if (mlg_is_archive(first, size))
        *format = ARCHIVE;
    else if (size >= 12 && memcmp(first, "PAR1", 4) == 0 && memcmp(end, "PAR1", 4) == 0)
        *format = TABLE;
    else if (is_onnx_name(path))
        *format = ONNX;
    else if ((size >= 6 && memcmp(first, "\x93NUMPY", 6) == 0) || mlg_text_ends_with(path, ".npy"))
        *format = NPY;
    else if (size >= 4 && memcmp(first, "\x89HDF", 4) == 0)
        *format = HDF5;
    else if (by_name == PICKLE || pickled)
        *format = PICKLE;
    else if (is_member && by_name == STORAGE)
        *format = STORAGE;
    else if (is_safetensors(path, first, size, blob->size))
        *format = SAFETENSORS;
    else if (by_name == TABLE)
        *format = TABLE;
    else if (by_name == LINES)
        *format = LINES;
    else if (by_name == JSON || (blank < size && (first[blank] == '{' || first[blank] == '[')))
        *format = JSON;
    else
        *format = memchr(first, '\0', size)                                                 ? BYTES
                  : context->options->id && !context->options->id_where_it_is && !is_member ? TABLE
                                                                                            : TEXT;
    return 0;
}

static bool is_written(enum format format)
{
    return format == JSON || format == LINES || format == TEXT || format == TABLE;
}

/* Text, if it is some; else bytes. */
static int compare_written(struct context *context, const char *name, struct blob *a, struct blob *b)
{
    const bool small = a->size <= MLG_COMPARE_BYTES && b->size <= MLG_COMPARE_BYTES;
    const int code = small ? blob_load_both(a, b, context->error) : 0;
    if (code)
        return code;
    return small && is_utf8(a->bytes, a->size) && is_utf8(b->bytes, b->size)
               ? compare_text(context, name, a, b)
               : compare_bytes(context, name, MLG_PART_BYTES, a, b, NULL);
}

static int compare_kinds(struct context *context, const char *name, enum format a, enum format b)
{
    struct tally tally;
    if (is_ignored(context, name))
        return 0;
    int code = tally_begin(&tally, context, name, formats[a].kind);
    if (code)
        return code;
    tally.part.what = formats[a].word;
    const char *why = mlg_arena_format(context->arena, "%s against %s", formats[a].word, formats[b].word);
    tally.part.distance.undefined =
        named(context, name, "is %s against %s", formats[a].word, formats[b].word);
    return tally_end_as(&tally, MLG_PART_DIFFERENT, why);
}

/* Lines are rows of a table where there is an id that both have, and no cell is more than a value. */
static bool are_tables_with_id(const struct context *context, const struct blob *a, const struct blob *b)
{
    const char *id = context->options->id;
    return id && is_lines_name(a->path) && is_lines_name(b->path) && is_flat_table(a->world, a->path, id) &&
           is_flat_table(b->world, b->path, id);
}

/* Does it begin with the field that ONNX begins with, and is it nothing else? */
static bool can_be_onnx(struct blob *blob, enum format format)
{
    struct mlg_error ignored;
    unsigned char first = 0;
    return (format == BYTES || format == TEXT) && blob->size > 0 &&
           blob_read(blob, 0, &first, 1, &ignored) == 0 && first == 0x08;
}

/* A tar archive without members is a few blocks of zeros. */
static bool is_empty_tar(struct blob *blob)
{
    enum { BLOCK = 512, MOST = 1024 * 1024 };
    if (!has_ending(blob->path, ".tar") && !mlg_text_ends_with(blob->path, ".tgz"))
        return false;
    if (blob->size < BLOCK || blob->size > MOST || blob->size % BLOCK != 0 || blob_load(blob, NULL))
        return false;
    uint64_t zeros = 0;
    while (zeros < blob->size && blob->bytes[zeros] == '\0')
        zeros++;
    return zeros == blob->size;
}

static int compare_blobs(struct context *context, const char *name, struct blob *a, struct blob *b)
{
    enum format x, y;
    int code = find_format(context, a, *name, &x);
    if (!code)
        code = find_format(context, b, *name, &y);
    if (code)
        return code;
    if (x == BYTES && y == BYTES && is_empty_tar(a) && is_empty_tar(b))
        return tell_no_members(context, name);
    if (x == TABLE && y == TABLE && a->size == 0 && b->size == 0)
        return compare_text(context, name, a, b);
    if (x != y && (x == TABLE || y == TABLE) && (x == TEXT || y == TEXT))
        x = y = TABLE; /* one of them is called so */
    if ((x == ONNX) != (y == ONNX) && can_be_onnx(x == ONNX ? b : a, x == ONNX ? y : x))
        x = y = ONNX; /* one of them is called so */
    if (x != y && is_written(x) && is_written(y))
        return compare_written(context, name, a, b);
    if (x != y && (x == BYTES || y == BYTES || x == TEXT || y == TEXT) && (is_written(x) || x == BYTES) &&
        (is_written(y) || y == BYTES))
        return compare_written(context, name, a, b);
    if (x != y)
        return compare_kinds(context, name, x, y);
    bool is_json;
    const char *hint;
    switch (x) {
    case NPY:
        return compare_npy(context, name, a, b);
    case SAFETENSORS:
        return compare_safetensors(context, name, a, b);
    case ONNX:
        return compare_onnx(context, name, a, b);
    case TABLE:
        hint = unread_column(context, name, a, b);
        return hint ? compare_bytes(context, name, MLG_PART_BYTES, a, b, hint)
                    : compare_tables(context, name, a, b);
    case PICKLE:
        return compare_bytes(context, name, MLG_PART_PICKLE, a, b, pickle_hint);
    case STORAGE:
        return compare_bytes(context, name, MLG_PART_STORAGE, a, b, storage_hint);
    case HDF5:
        return compare_bytes(context, name, MLG_PART_HDF5, a, b, hdf5_hint);
    case JSON:
    case LINES:
        if (x == LINES && are_tables_with_id(context, a, b))
            return compare_tables(context, name, a, b);
        code = compare_json(context, name, a, b, x == LINES, &is_json);
        if (!code && !is_json && format_of_name(a->path) == x && format_of_name(b->path) == x)
            code = check_json(context, a, b, x == LINES);
        return code || is_json ? code : compare_written(context, name, a, b);
    default:
        return compare_written(context, name, a, b);
    }
}

int put_content_meaning(struct context *context, const char *name, struct blob *blob, bool *told,
                        struct mlg_builder *out)
{
    enum format format;
    int code = find_format(context, blob, true, &format);
    *told = false;
    if (!code && format == SAFETENSORS) {
        *told = true;
        code = put_safetensors_meaning(context, name, blob, out);
    } else if (!code && (format == JSON || format == LINES)) {
        code = put_json_meaning(context, blob, format == LINES, told, out);
    } else if (!code && format == TABLE) {
        code = put_table_meaning(context, name, blob, told, out);
    }
    return code;
}

int is_archive(const struct mlg_world *world, const char *path, bool *archive, struct mlg_error *error)
{
    struct mlg_content *content;
    size_t size;
    int code = mlg_content_open(world, path, &content, error);
    if (code)
        return code;
    const unsigned char *first = mlg_content_peek(content, &size);
    *archive = mlg_is_archive(first, size);
    mlg_content_close(content);
    return 0;
}

/* Names of containers, and what their files begin with as they are stored. */
static const struct {
    const char *ending, *first;
} containers[] = {{".npz", "PK"},
                  {".zip", "PK"},
                  {".keras", "PK"},
                  {".gz", "\x1f\x8b"},
                  {".tgz", "\x1f\x8b"},
                  {".bz2", "BZh"},
                  {".xz", "\xfd"
                          "7zXZ"},
                  {".zst", "\x28\xb5\x2f\xfd"},
                  {".parquet", "PAR1"},
                  {".pq", "PAR1"}};

/* What has something in it whatever it holds, so that nothing at all is what a write that failed has left. */
static const char *const never_empty[] = {".safetensors", ".pt",   ".pth",    ".onnx",   ".npy",
                                          ".tar",         ".h5",   ".hdf5",   ".pickle", ".joblib",
                                          ".pkl",         ".gguf", ".tflite", ".cbm",    ".ubj"};

static bool is_never_empty(const char *path)
{
    for (size_t i = 0; i < sizeof never_empty / sizeof *never_empty; i++)
        if (mlg_text_ends_with(path, never_empty[i]))
            return true;
    return false;
}

enum { BEGINNING = 512, ZIP_END = 22, ZIP_TAIL = ZIP_END + 65535 /* with the longest comment */ };

/* Does a zip archive end with its list of members, or has it been cut off? Fails where its end cannot be
 * read. */
static int find_zip_end(const struct mlg_world *world, struct mlg_file *file, bool *has_end,
                        struct mlg_error *error)
{
    static const char mark[] = "PK\x05\x06";
    const int64_t size = file->size < ZIP_TAIL ? file->size : ZIP_TAIL;
    *has_end = false;
    if (size < ZIP_END)
        return 0;
    char *tail = malloc((size_t)size);
    if (!tail)
        return refuse_memory(error);
    const int64_t got = world->read(world->self, file, file->size - size, tail, (size_t)size, error);
    for (int64_t i = 0; !*has_end && i <= got - ZIP_END; i++)
        *has_end = memcmp(tail + i, mark, strlen(mark)) == 0;
    free(tail);
    return got < 0 ? (int)error->code : 0;
}

/* What torch.save writes is a zip archive, a pickle, or, long ago, a tar archive. */
static bool begins_as_torch(const char *first, size_t size)
{
    return (size >= 2 && memcmp(first, "PK", 2) == 0) || (size > 2 && first[0] == '\x80') ||
           mlg_is_archive((const unsigned char *)first, size);
}

bool mlg_is_lfs_pointer(const char *bytes, size_t size)
{
    static const char pointer[] = "version https://git-lfs.github.com/spec/";
    return size >= sizeof pointer - 1 && memcmp(bytes, pointer, sizeof pointer - 1) == 0;
}

/* A file that is called a container and does not begin like one, or whose end is not there. */
static int check_name(struct context *context, const struct mlg_world *world, const char *path)
{
    char first[BEGINNING] = {0};
    struct mlg_file file;
    int code = world->open(world->self, path, &file, context->error);
    if (code)
        return code;
    struct mlg_error why = {0};
    const int64_t got = world->read(world->self, &file, 0, first, sizeof first, &why);
    const bool is_zip = got >= 2 && memcmp(first, "PK", 2) == 0;
    const bool is_torch = mlg_text_ends_with(path, ".pt") || mlg_text_ends_with(path, ".pth");
    bool begins = !is_torch || got <= 0 || begins_as_torch(first, (size_t)got);
    const bool is_missing = got == 0 && is_never_empty(path);
    const bool is_named_zip = is_torch || mlg_text_ends_with(path, ".npz") ||
                              mlg_text_ends_with(path, ".zip") || mlg_text_ends_with(path, ".keras");
    bool has_end = true;
    if (file.size >= 0 && is_zip && (is_named_zip || memcmp(first, "PK\x03\x04", 4) == 0))
        code = find_zip_end(world, &file, &has_end, &why);
    world->close(world->self, &file);
    if (got < 0 || code)
        return mlg_error_set(context->error, MLG_WORLD, "cannot read '%s': %s", path, why.text);
    if (mlg_is_lfs_pointer(first, sizeof first))
        return mlg_error_set(context->error, MLG_DATA,
                             "'%s' is a pointer of Git LFS, and not the file that it stands for; "
                             "'git lfs pull' brings that",
                             path);
    if (is_missing)
        return mlg_error_set(context->error, MLG_DATA, "'%s' is damaged: it has no bytes at all", path);
    for (size_t i = 0; i < sizeof containers / sizeof *containers; i++)
        if (mlg_text_ends_with(path, containers[i].ending))
            begins = begins && memcmp(first, containers[i].first, strlen(containers[i].first)) == 0;
    if (!begins)
        return mlg_error_set(context->error, MLG_DATA, "'%s' is damaged: it does not begin as its name says",
                             path);
    if (!has_end)
        return mlg_error_set(
            context->error, MLG_DATA,
            "'%s' is damaged: the list of members, with which a zip archive ends, is not there", path);
    return 0;
}

int compare_content(struct context *context, const char *name, const struct mlg_world *world_a,
                    const char *path_a, const struct mlg_world *world_b, const char *path_b, unsigned depth)
{
    bool archive_a, archive_b;
    int code = check_name(context, world_a, path_a);
    if (!code)
        code = check_name(context, world_b, path_b);
    if (!code)
        code = is_archive(world_a, path_a, &archive_a, context->error);
    if (!code)
        code = is_archive(world_b, path_b, &archive_b, context->error);
    if (code)
        return code;
    if (archive_a && archive_b && depth >= MLG_COMPARE_DEPTH)
        return mlg_error_set(context->error, MLG_LIMIT, "'%s' is an archive in archives more than %d deep",
                             path_a, MLG_COMPARE_DEPTH);
    if (archive_a && archive_b)
        return compare_members(context, name, world_a, path_a, world_b, path_b, depth + 1);
    struct blob a = {0}, b = {0};
    code = blob_open(&a, world_a, path_a, context->error);
    if (!code)
        code = blob_open(&b, world_b, path_b, context->error);
    if (!code)
        code = compare_blobs(context, name, &a, &b);
    blob_close(&a);
    blob_close(&b);
    return code;
}

int check_container(struct context *context, const struct mlg_world *world, const char *path, unsigned depth)
{
    bool is_container;
    int code = check_name(context, world, path);
    if (!code)
        code = is_archive(world, path, &is_container, context->error);
    if (!code && !is_container) {
        enum format format = BYTES;
        struct blob blob = {0};
        code = blob_open(&blob, world, path, context->error); /* what is packed is unpacked to its end */
        if (!code && blob.size > 0)
            code = find_format(context, &blob, depth > 0, &format);
        blob_close(&blob);
        is_container = format == NPY || format == SAFETENSORS || format == ONNX ||
                       (format == TABLE && (has_ending(path, ".parquet") || has_ending(path, ".pq")));
    }
    struct mlg_arena scratch;
    if (code || !is_container)
        return code;
    struct context *own = context_begin(context->options, &scratch, context->error);
    if (!own)
        return MLG_LIMIT;
    mlg_arena_init(&scratch, 0);
    own->unpacked = context->unpacked;
    code = compare_content(own, "", world, path, world, path, depth);
    mlg_arena_free(&scratch);
    return context_end(own, code, context->error);
}

int check_same(struct context *context, const struct mlg_world *world, const char *path)
{
    const int code = check_container(context, world, path, 0);
    if (code != MLG_LIMIT)
        return code;
    *context->error = (struct mlg_error){0};
    return 0;
}
