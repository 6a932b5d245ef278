/* meaning: a digest of what a file means, so that it can be held against one that is gone. */
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "mlgate/content.h"

static int take_digest(struct context *context, struct mlg_builder *text, char sha256[65])
{
    const bool failed = text->failed;
    if (!failed)
        mlg_sha256(text->data ? text->data : "", text->size, sha256);
    mlg_builder_free(text);
    return failed ? no_memory(context) : 0;
}

static int digest_content(struct context *context, const char *name, const struct mlg_world *world,
                          const char *path, char sha256[65])
{
    struct blob blob = {0};
    uint64_t size;
    bool told = false;
    struct mlg_builder text, beside;
    mlg_builder_init(&text, (size_t)MLG_COMPARE_BYTES);
    mlg_builder_init(&beside, 0);
    int code = blob_open(&blob, world, path, context->error);
    if (!code && blob.size > 0)
        code = put_content_meaning(context, name, &blob, &told, &text);
    if (!code && told)
        code = take_digest(context, &text, sha256);
    else
        mlg_builder_free(&text);
    if (!code && is_onnx_name(path))
        code = put_data_meaning(context, world, path, &beside);
    const bool has_more = beside.size > 0;
    context->is_told |= !told;
    if (!code && !told && blob.bytes)
        mlg_sha256(blob.bytes, (size_t)blob.size, sha256);
    else if (!code && !told)
        code = mlg_file_digest(world, path, sha256, &size, context->error);
    blob_close(&blob);
    if (!code && has_more) {
        mlg_put_format(&beside, "model %s\n", sha256);
        return take_digest(context, &beside, sha256);
    }
    const bool failed = beside.failed;
    mlg_builder_free(&beside);
    return !code && failed ? no_memory(context) : code;
}

/* Parts of a directory that is no member have the names of its files. */
static int put_directory_meaning(struct context *context, const struct mlg_world *world, const char *path,
                                 struct mlg_builder *out)
{
    struct file_list files;
    char sha256[65];
    int code = list_files(context, world, path, &files);
    for (size_t i = 0; !code && i < files.count; i++) {
        const char *name = files.items[i].path;
        const char *place = mlg_arena_format(context->arena, "%s/%s", path, name);
        if (place && is_ignored(context, name))
            continue;
        code = place ? digest_meaning(context, name, world, place, 0, sha256) : no_memory(context);
        mlg_put_format(out, "%zu ", strlen(name));
        mlg_put(out, name);
        mlg_put_format(out, " %s\n", sha256);
    }
    return code;
}

int digest_meaning(struct context *context, const char *name, const struct mlg_world *world, const char *path,
                   unsigned depth, char sha256[65])
{
    struct mlg_builder text;
    bool archive = false;
    const bool directory = is_directory(world, path);
    int code = directory ? 0 : is_archive(world, path, &archive, context->error);
    if (code)
        return code;
    if (!directory && (!archive || depth >= MLG_COMPARE_DEPTH))
        return digest_content(context, name, world, path, sha256);
    mlg_builder_init(&text, 0);
    mlg_put(&text, directory ? "directory\n" : "archive\n");
    code = directory ? put_directory_meaning(context, world, path, &text)
                     : put_members_meaning(context, name, world, path, depth + 1, &text);
    if (code) {
        mlg_builder_free(&text);
        return code;
    }
    return take_digest(context, &text, sha256);
}

/* *is_told false: all of it is left out. */
static int digest(const struct mlg_world *world, const char *path, const struct mlg_compare_options *options,
                  char sha256[65], bool *is_told, struct mlg_error *error)
{
    struct mlg_arena scratch;
    struct context *context = context_begin(options, &scratch, error);
    if (!context)
        return MLG_LIMIT;
    mlg_arena_init(&scratch, 0);
    const int code = digest_meaning(context, "", world, path, 0, sha256);
    *is_told = context->is_told || context->ignored == 0;
    mlg_arena_free(&scratch);
    return context_end(context, code, error);
}

int mlg_compare_digest(const struct mlg_world *world, const char *path,
                       const struct mlg_compare_options *options, char sha256[65], struct mlg_error *error)
{
    static const struct mlg_compare_options nothing = {0};
    bool is_told = true;
    if (options && options->ignore_count > MLG_COMPARE_IGNORE)
        return mlg_error_set(error, MLG_CONFIG, "there are more than %d patterns to ignore",
                             MLG_COMPARE_IGNORE);
    const int code = digest(world, path, options ? options : &nothing, sha256, &is_told, error);
    return code || is_told ? code : digest(world, path, &nothing, sha256, &is_told, error);
}
