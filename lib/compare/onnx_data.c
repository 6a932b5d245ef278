/* onnx_data: values of tensors that lie in files beside a model. Nothing outside of the model's own directory
 * is ever read, wherever a location or a link leads. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/content.h"
#include "mlgate/number.h"
#include "onnx.h"

/* Tensors that share bytes may take so many times those of the files; always so many bytes. */
enum { MOST_FILES = 10000, MOST_EXPANSION = 1000 };
#define LEAST_EXPANSION (UINT64_C(16) << 20)

void onnx_data_begin(struct onnx_data *data, struct context *context, const struct blob *model)
{
    const char *slash = strrchr(model->path, '/');
    *data = (struct onnx_data){.context = context,
                               .world = model->home ? model->home : model->world,
                               .model = model->path,
                               .directory_size = slash ? (size_t)(slash - model->path) + 1 : 0};
}

void onnx_data_end(struct onnx_data *data)
{
    if (data->is_open)
        blob_close(&data->open);
    free(data->files);
    *data = (struct onnx_data){0};
}

/* "tensor 'w' of 'm.onnx' lies in 'w.bin', which ..." */
static int refuse(const struct onnx_data *data, const struct onnx_place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static int refuse(const struct onnx_data *data, const struct onnx_place *place, const char *format, ...)
{
    enum { SHOWN = 200 };
    const size_t size = wire_size(place->name);
    char why[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    return mlg_error_set(data->context->error, MLG_DATA, "%s%.*s%s of '%s' lies in '%.200s', %s",
                         size > 0 ? "tensor '" : "a tensor", (int)(size < SHOWN ? size : SHOWN),
                         size > 0 ? (const char *)place->name.at : "", size > 0 ? "'" : "", data->model,
                         place->location, why);
}

/* ---- what a tensor says ---------------------------------------------------------------------------- */

/* The value of a key; *twice: it has two. */
static struct wire entry_of(struct wire message, const char *key, bool *twice)
{
    struct wire_field entry, field;
    struct wire value = {0};
    bool found = false;
    while (wire_next_of(&message, TENSOR_EXTERNAL, &entry))
        if (wire_last_of(entry.bytes, ENTRY_KEY, &field) && wire_size(field.bytes) == strlen(key) &&
            memcmp(field.bytes.at, key, strlen(key)) == 0) {
            *twice |= found;
            found = true;
            if (wire_last_of(entry.bytes, ENTRY_VALUE, &field))
                value = field.bytes;
        }
    return value;
}

/* Digits alone; nothing: as it is. */
static bool read_whole(struct wire text, uint64_t *number)
{
    const size_t size = wire_size(text);
    return size == 0 || mlg_number_parse_digits((const char *)text.at, size, number);
}

/* The location without "." and slashes that say nothing, in place; why it is none that can be, else NULL. */
static const char *clean_location(char *location)
{
    char *to = location;
    if (*location == '/')
        return "an absolute path; it has to be one below the model's own directory";
    for (const char *at = location; *at;) {
        const size_t size = strcspn(at, "/");
        if (size == 2 && memcmp(at, "..", 2) == 0)
            return "a path with '..'; it has to be one below the model's own directory";
        if (size > 0 && !(size == 1 && *at == '.')) {
            if (to > location)
                *to++ = '/';
            memmove(to, at, size);
            to += size;
        }
        at += size + (at[size] == '/');
    }
    *to = '\0';
    return to > location ? NULL : "which names no file";
}

/* ---- files ----------------------------------------------------------------------------------------- */

/* Where the file really is; one that a link leads out of the directory to is refused. NULL: told. */
static const char *find_real(const struct onnx_data *data, const struct onnx_place *place, const char *path)
{
    const struct mlg_runner *runner = data->world->runner;
    struct mlg_arena *arena = data->context->arena;
    struct mlg_error ignored = {0};
    struct mlg_entry entry = {0};
    if (!runner && is_blob_world(data->world)) /* members of an archive: no link among them is followed */
        return path;
    if (!runner) {
        refuse(data, place, "and files beside it cannot be read here");
        return NULL;
    }
    const char *directory = data->directory_size ? mlg_arena_copy(arena, path, data->directory_size) : ".";
    const char *base = directory ? runner->real_path(data->world->self, directory, arena, &ignored) : NULL,
               *real = base ? runner->real_path(data->world->self, path, arena, &ignored) : NULL;
    if (!real || runner->look(data->world->self, real, &entry, &ignored) || entry.kind == MLG_ENTRY_MISSING) {
        refuse(data, place, "which is not there; it has to lie beside the model");
        return NULL;
    }
    const size_t size = strlen(base);
    if (strncmp(real, base, size) != 0 || (real[size] != '/' && strcmp(base, "/") != 0)) {
        refuse(data, place, "a link that leads out of the model's own directory, where nothing is read");
        return NULL;
    }
    if (entry.kind != MLG_ENTRY_FILE) {
        refuse(data, place, "which is no plain file");
        return NULL;
    }
    return real;
}

static int open_file(struct onnx_data *data, size_t index)
{
    if (data->is_open && data->opened == index)
        return 0;
    if (data->is_open)
        blob_close(&data->open);
    struct onnx_file *file = &data->files[index];
    const int code = blob_open_plain(&data->open, data->world, file->real, data->context->error);
    data->is_open = code == 0;
    data->opened = index;
    return code;
}

static int add_file(struct onnx_data *data, const struct onnx_place *place, size_t *index)
{
    struct context *context = data->context;
    struct onnx_file file = {0};
    if (data->count == MOST_FILES)
        return mlg_error_set(context->error, MLG_LIMIT, "values of '%s' lie in more than %d files",
                             data->model, MOST_FILES);
    if (data->count == data->capacity) {
        const size_t capacity = data->capacity ? 2 * data->capacity : 16;
        struct onnx_file *files = realloc(data->files, capacity * sizeof *files);
        if (!files)
            return no_memory(context);
        data->files = files;
        data->capacity = capacity;
    }
    file.path =
        mlg_arena_format(context->arena, "%.*s%s", (int)data->directory_size, data->model, place->location);
    if (!file.path)
        return no_memory(context);
    file.location = file.path + data->directory_size;
    file.real = find_real(data, place, file.path);
    if (!file.real)
        return MLG_DATA;
    *index = data->count;
    data->files[data->count++] = file;
    const struct mlg_error before = *context->error;
    const int code = open_file(data, *index);
    if (code == MLG_WORLD && is_blob_world(data->world)) {
        *context->error = before;
        return refuse(data, place, "which is not there, or no file; it has to lie beside the model");
    }
    if (!code) {
        data->files[*index].size = data->open.size;
        data->size += data->open.size;
    }
    return code;
}

/* A model has few files, or each tensor has the next: the last one is looked at first. */
static int find_file(struct onnx_data *data, const struct onnx_place *place, size_t *index)
{
    if (data->found < data->count && strcmp(data->files[data->found].location, place->location) == 0) {
        *index = data->found;
        return 0;
    }
    for (*index = 0; *index < data->count; ++*index)
        if (strcmp(data->files[*index].location, place->location) == 0)
            break;
    const int code = *index < data->count ? 0 : add_file(data, place, index);
    data->found = *index;
    return code;
}

/* ---- a tensor -------------------------------------------------------------------------------------- */

static int read_place(struct onnx_data *data, struct wire message, const struct onnx_values *values,
                      struct onnx_place *place)
{
    struct wire_field name;
    bool twice = false;
    uint64_t length = values->stored;
    wire_last_of(message, TENSOR_NAME, &name);
    const struct wire location = entry_of(message, "location", &twice);
    const size_t size = wire_size(location);
    *place = (struct onnx_place){.name = name.bytes};
    if (size > ONNX_NAME_BYTES || (size > 0 && !is_utf8((const char *)location.at, size)))
        return refuse(data, place, "which is no name of a file");
    if (size > 0)
        memcpy(place->location, location.at, size);
    if (!values->is_known || values->is_text)
        return refuse(data, place, "%s",
                      values->is_text
                          ? "and has texts, which lie in no other file"
                          : "and has a type that is not known, so that its values cannot be read");
    if (!read_whole(entry_of(message, "offset", &twice), &place->offset))
        return refuse(data, place, "at an 'offset' that is no whole number");
    if (!read_whole(entry_of(message, "length", &twice), &length))
        return refuse(data, place, "with a 'length' that is no whole number");
    if (twice)
        return refuse(data, place, "and says its place twice");
    const char *why = clean_location(place->location);
    if (why)
        return refuse(data, place, "%s", why);
    if (length != values->stored)
        return refuse(data, place, "with the length %llu, where its type and shape take %llu bytes",
                      (unsigned long long)length, (unsigned long long)values->stored);
    return 0;
}

int onnx_data_find(struct onnx_data *data, struct wire message, const struct onnx_values *values,
                   struct onnx_place *place)
{
    int code = read_place(data, message, values, place);
    if (!code)
        code = find_file(data, place, &place->file);
    if (code)
        return code;
    const uint64_t size = data->files[place->file].size;
    if (place->offset > size || values->stored > size - place->offset)
        return refuse(data, place, "which has %llu bytes: too few for %llu bytes from byte %llu on",
                      (unsigned long long)size, (unsigned long long)values->stored,
                      (unsigned long long)place->offset);
    return 0;
}

int onnx_data_check(struct onnx_data *data, struct wire message, const struct onnx_values *values)
{
    struct onnx_place place;
    const int code = onnx_data_find(data, message, values, &place);
    if (__builtin_add_overflow(data->needed, values->stored, &data->needed))
        data->needed = UINT64_MAX;
    return code;
}

int onnx_data_check_all(const struct onnx_data *data)
{
    return data->needed > LEAST_EXPANSION && data->needed / MOST_EXPANSION > data->size
               ? mlg_error_set(data->context->error, MLG_LIMIT,
                               "the tensors of '%s' repeat what lies in other files more than %d times",
                               data->model, MOST_EXPANSION)
               : 0;
}

int onnx_data_open(struct onnx_data *data, const struct onnx_place *place, struct blob **blob)
{
    const int code = open_file(data, place->file);
    *blob = &data->open;
    if (!code && data->open.size != data->files[place->file].size)
        return mlg_error_set(data->context->error, MLG_WORLD, "'%s' changed while it was read",
                             data->files[place->file].path);
    return code;
}

int onnx_data_tell(const struct onnx_data *data)
{
    struct context *context = data->context;
    for (size_t i = 0; i < data->count; i++) {
        const char **files = mlg_arena_grow(context->arena, context->data_files, &context->data_capacity,
                                            context->data_count + 1, sizeof *files);
        if (!files)
            return no_memory(context);
        context->data_files = files;
        files[context->data_count++] = data->files[i].path;
    }
    return 0;
}

static int by_text(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

void sort_data_files(struct context *context)
{
    if (context->data_count > 0)
        qsort(context->data_files, context->data_count, sizeof *context->data_files, by_text);
}

bool is_data_file(const struct context *context, const char *path)
{
    return context->data_count > 0 &&
           bsearch(&path, context->data_files, context->data_count, sizeof path, by_text) != NULL;
}

/* ---- files of one model, for who compares or digests them --------------------------------------------- */

int onnx_list_data(struct context *context, const struct mlg_world *world, const char *path,
                   struct onnx_data *data)
{
    struct blob model = {0};
    int code = blob_open(&model, world, path, context->error);
    if (!code)
        onnx_data_begin(data, context, &model);
    if (!code)
        code = onnx_check(context, &model, data);
    blob_close(&model);
    return code;
}

int compare_data_bytes(struct context *context, const struct mlg_world *world_a, const char *path_a,
                       const struct mlg_world *world_b, const char *path_b, bool *identical, uint64_t *size)
{
    struct onnx_data a = {0}, b = {0};
    int code = onnx_list_data(context, world_a, path_a, &a);
    if (!code)
        code = onnx_list_data(context, world_b, path_b, &b);
    *identical = !code && a.count == b.count;
    for (size_t i = 0; !code && *identical && i < a.count; i++) {
        uint64_t more;
        code = are_identical(a.world, a.files[i].real, b.world, b.files[i].real, identical, &more,
                             context->error);
        *size += more;
    }
    onnx_data_end(&a);
    onnx_data_end(&b);
    return code;
}

int put_data_meaning(struct context *context, const struct mlg_world *world, const char *path,
                     struct mlg_builder *out)
{
    struct onnx_data data = {0};
    int code = onnx_list_data(context, world, path, &data);
    for (size_t i = 0; !code && i < data.count; i++) {
        char sha256[65];
        uint64_t size;
        code = mlg_file_digest(data.world, data.files[i].real, sha256, &size, context->error);
        mlg_put_format(out, "%zu ", strlen(data.files[i].location));
        mlg_put(out, data.files[i].location);
        mlg_put_format(out, " %s\n", sha256);
    }
    onnx_data_end(&data);
    return code;
}

int mlg_compare_data_files(const struct mlg_world *world, const char *path, struct mlg_arena *arena,
                           const char *const **files, size_t *count, struct mlg_error *error)
{
    struct onnx_data data = {0};
    *count = 0;
    *files = NULL;
    if (!is_onnx_name(path) || is_directory(world, path))
        return 0;
    struct context *context = context_begin(NULL, arena, error);
    if (!context)
        return MLG_LIMIT;
    int code = onnx_list_data(context, world, path, &data);
    const char **list = code ? NULL : MLG_NEW_ARRAY(arena, const char *, data.count + 1);
    if (!code && !list)
        code = no_memory(context);
    for (size_t i = 0; list && i < data.count; i++)
        list[i] = data.files[i].location;
    if (!code) {
        *files = list;
        *count = data.count;
    }
    onnx_data_end(&data);
    return context_end(context, code, error);
}
