/* directory: directories compared file by file, by path, as archives are member by member. Directories
 * without files, time stamps and permissions are of no matter, nor is what Python compiles. */
#include <string.h>

#include "inside.h"

bool is_directory(const struct mlg_world *world, const char *path)
{
    const struct mlg_runner *runner = world->runner;
    struct mlg_entry entry = {0};
    struct mlg_error ignored = {0};
    struct mlg_arena scratch;
    if (!runner || !runner->list || strcmp(path, "-") == 0 ||
        runner->look(world->self, path, &entry, &ignored))
        return false;
    if (entry.kind != MLG_ENTRY_LINK)
        return entry.kind == MLG_ENTRY_DIRECTORY;
    mlg_arena_init(&scratch, 0);
    const char *real = runner->real_path(world->self, path, &scratch, &ignored);
    const bool is = real && runner->look(world->self, real, &entry, &ignored) == MLG_OK &&
                    entry.kind == MLG_ENTRY_DIRECTORY;
    mlg_arena_free(&scratch);
    return is;
}

/* Of a link what it leads to, which has to be a file. */
static int look_behind(struct context *context, const struct mlg_world *world, const char *directory,
                       struct mlg_entry *entry)
{
    const char *path = mlg_arena_format(context->arena, "%s/%s", directory, entry->path);
    const char *real =
        path ? world->runner->real_path(world->self, path, context->arena, context->error) : NULL;
    struct mlg_entry found = {0};
    if (!path)
        return no_memory(context);
    int code = real ? world->runner->look(world->self, real, &found, context->error) : failed(context);
    found.path = entry->path;
    if (code == MLG_OK && found.kind != MLG_ENTRY_FILE)
        code = mlg_error_set(
            context->error, MLG_DATA,
            "'%s' is a link that leads to no file; directories behind links are not compared", path);
    *entry = found;
    return code;
}

int list_files(struct context *context, const struct mlg_world *world, const char *path,
               struct file_list *files)
{
    struct mlg_entries entries = {0};
    *files = (struct file_list){.directory = path};
    int code =
        world->runner->list(world->self, path, MLG_COMPARE_MEMBERS, context->arena, &entries, context->error);
    files->items = entries.items;
    for (size_t i = 0; code == MLG_OK && i < entries.count; i++) {
        struct mlg_entry entry = entries.items[i];
        if (entry.kind == MLG_ENTRY_DIRECTORY || mlg_path_is_compiled(entry.path))
            continue;
        if (entry.kind == MLG_ENTRY_LINK)
            code = look_behind(context, world, path, &entry);
        else if (entry.kind != MLG_ENTRY_FILE)
            code = mlg_error_set(context->error, MLG_DATA, "'%s/%s' is neither a file nor a directory", path,
                                 entry.path);
        files->items[files->count++] = entry;
        files->size += (uint64_t)entry.size;
    }
    if (code == MLG_OK && files->count == 0)
        code = mlg_error_set(context->error, MLG_DATA, "the directory '%s' holds no file", path);
    return code;
}

static const char *place_of(struct context *context, const struct file_list *files, size_t i)
{
    return mlg_arena_format(context->arena, "%s/%s", files->directory, files->items[i].path);
}

/* Two files of one name, of which the bytes are the same or not. */
static int compare_pair(struct context *context, const struct mlg_world *world, const char *name,
                        const char *a, const char *b)
{
    uint64_t size = 0;
    bool same = false;
    if (!a || !b)
        return no_memory(context);
    int code = are_identical(world, a, world, b, &same, &size, context->error);
    if (code || is_ignored(context, name))
        return code;
    return same ? measure_identical(context, name, world, a, world, b, size, 0)
                : compare_content(context, name, world, a, world, b, 0);
}

static int only_here(struct context *context, const struct mlg_entry *file, bool in_a)
{
    return only_one(context, file->path, in_a, kind_of_name(file->path),
                    bytes_text(context, (uint64_t)file->size));
}

/* Was it compared as part of a model beside it? */
static bool is_of_model(struct context *context, const struct file_list *files, size_t i)
{
    const bool can_be = context->data_count > 0 && !is_onnx_name(files->items[i].path);
    const char *place = can_be ? place_of(context, files, i) : NULL;
    return place && is_data_file(context, place);
}

/* Adds a part or more for every file that one of them has, of ONNX models or of all else: models come first,
 * so that what lies beside them is known. Where both have what one model alone has a use for it is compared
 * as everything else is. */
static int compare_lists(struct context *context, const struct mlg_world *world, const struct file_list *a,
                         const struct file_list *b, bool of_models)
{
    int code = 0;
    for (size_t i = 0, k = 0; !code && (i < a->count || k < b->count);) {
        const struct mlg_entry *x = i < a->count ? &a->items[i] : NULL,
                               *y = k < b->count ? &b->items[k] : NULL;
        const int order = x && y ? strcmp(x->path, y->path) : x ? -1 : 1;
        const char *name = order <= 0 ? a->items[i].path : b->items[k].path;
        const bool is_told = is_onnx_name(name) != of_models || ((order > 0 || is_of_model(context, a, i)) &&
                                                                 (order < 0 || is_of_model(context, b, k)));
        if (!is_told)
            code = order == 0
                       ? compare_pair(context, world, name, place_of(context, a, i), place_of(context, b, k))
                       : only_here(context, order < 0 ? x : y, order < 0);
        i += order <= 0;
        k += order >= 0;
    }
    return code;
}

/* Have they the same files with the same bytes? */
static int are_the_same(struct context *context, const struct mlg_world *world, const struct file_list *a,
                        const struct file_list *b, bool *same)
{
    int code = 0;
    *same = a->count == b->count;
    for (size_t i = 0; !code && *same && i < a->count; i++) {
        uint64_t size;
        const char *x = place_of(context, a, i), *y = place_of(context, b, i);
        *same = strcmp(a->items[i].path, b->items[i].path) == 0;
        if (!x || !y)
            return no_memory(context);
        if (*same)
            code = are_identical(world, x, world, y, same, &size, context->error);
    }
    return code;
}

int compare_directories(struct context *context, const struct mlg_world *world, const char *a, const char *b,
                        bool *identical)
{
    struct file_list x, y;
    const struct mlg_compare_options *options = context->options;
    const char *const *files;
    size_t count;
    int code = list_files(context, world, a, &x);
    if (!code)
        code = list_files(context, world, b, &y);
    if (!code && options->id && !options->id_where_it_is)
        code =
            tables_of_both(world, a, b, options->id, options, context->arena, &files, &count, context->error);
    if (!code)
        code = are_the_same(context, world, &x, &y, identical);
    if (!code && (!*identical || context->options->looks_inside)) {
        code = compare_lists(context, world, &x, &y, true);
        sort_data_files(context);
        return code ? code : compare_lists(context, world, &x, &y, false);
    }
    if (code)
        return code;
    for (size_t i = 0; !code && i < x.count; i++) {
        const char *place = place_of(context, &x, i);
        code = place ? check_same(context, world, place) : no_memory(context);
    }
    const char *what = mlg_arena_format(context->arena, "%zu %s, %s", x.count,
                                        mlg_plural(x.count, "file", "files"), bytes_text(context, x.size));
    return code ? code : tell_identical(context, "", what, x.size);
}

int compare_with_directory(struct context *context, bool is_a)
{
    struct tally tally;
    const int code = tally_begin(&tally, context, "", MLG_PART_BYTES);
    if (code)
        return code;
    tally.part.what = is_a ? "a directory" : "a file";
    tally.part.distance.undefined = "one of the two is a directory, and the other is not";
    return tally_end_as(&tally, MLG_PART_DIFFERENT,
                        is_a ? "a directory against a file" : "a file against a directory");
}
