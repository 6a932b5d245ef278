/* compare: do two files, or directories, mean the same? What lies in them formats.c finds out; here the two
 * are opened, and what was found is put together. */
#include "mlgate/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "mlgate/content.h"

/* A file as it is stored; a stream is read into memory, and is a world of its own. */
struct side {
    const struct mlg_world *world;
    const char *path;
    struct blob stream;
};

static int open_side(struct side *side, struct mlg_error *error)
{
    const char *path = side->path;
    struct mlg_content *content;
    int code = mlg_content_open(side->world, path, &content, error);
    if (code)
        return code;
    if (!mlg_content_is_file(content)) {
        side->path = strcmp(path, "-") == 0 ? "standard input" : path;
        code = blob_take(&side->stream, content, side->path, error);
        side->world = side->stream.world;
    }
    mlg_content_close(content);
    return code;
}

int are_identical(const struct mlg_world *world_a, const char *path_a, const struct mlg_world *world_b,
                  const char *path_b, bool *identical, uint64_t *size, struct mlg_error *error)
{
    enum { WINDOW = 256 * 1024 };
    struct mlg_file file_a, file_b;
    struct mlg_error ignored;
    *identical = false;
    if (world_a->open(world_a->self, path_a, &file_a, &ignored))
        return 0;
    if (world_b->open(world_b->self, path_b, &file_b, &ignored)) {
        world_a->close(world_a->self, &file_a);
        return 0;
    }
    char *windows = malloc((size_t)2 * WINDOW);
    int code = windows ? 0 : refuse_memory(error);
    bool equal = windows && file_a.size >= 0 && file_a.size == file_b.size;
    for (int64_t offset = 0; !code && equal && offset < file_a.size; offset += WINDOW) {
        const int64_t rest = file_a.size - offset;
        const size_t want = rest < WINDOW ? (size_t)rest : WINDOW;
        struct mlg_error why = {0};
        const int64_t x = world_a->read(world_a->self, &file_a, offset, windows, want, &why),
                      y = x < 0 ? -1
                                : world_b->read(world_b->self, &file_b, offset, windows + WINDOW, want, &why);
        const char *path = x < (int64_t)want ? path_a : path_b;
        if (x < 0 || y < 0)
            code = mlg_error_set(error, MLG_WORLD, "cannot read '%s': %s", path, why.text);
        else if (x < (int64_t)want || y < (int64_t)want)
            code = mlg_error_set(error, MLG_WORLD, "'%s' changed while it was read", path);
        else
            equal = memcmp(windows, windows + WINDOW, want) == 0;
    }
    *identical = !code && equal;
    *size = equal ? (uint64_t)file_a.size : 0;
    free(windows);
    world_a->close(world_a->self, &file_a);
    world_b->close(world_b->self, &file_b);
    return code;
}

static int by_name(const void *x, const void *y)
{
    const struct mlg_part *a = x, *b = y;
    const int order = strcmp(a->name, b->name);
    return order ? order : (a->kind > b->kind) - (a->kind < b->kind);
}

static int add_notes(struct context *context, bool are_patterns_asked)
{
    const size_t patterns = are_patterns_asked ? context->options->ignore_count : 0;
    int code = 0;
    if (context->keras_date)
        code = note(context, "'date_saved' of a Keras file is left out");
    if (!code && context->serialization_id)
        code = note(context, "'.data/serialization_id' of a PyTorch file is left out");
    if (!code)
        code = note_onnx(context);
    for (size_t i = 0; !code && i < patterns; i++)
        code = note(context, mlg_arena_format(context->arena,
                                              context->ignored >> i & 1
                                                  ? "'%s' is left out, as asked for"
                                                  : "'%s' was to be left out, and nothing is called so",
                                              context->options->ignore[i]));
    return code;
}

/* Are all parts columns of tables that are the same, and have no rows? */
static bool has_no_rows(const struct mlg_comparison *comparison)
{
    bool are_columns = comparison->part_count > 0 && comparison->total.elements == 0;
    for (size_t i = 0; are_columns && i < comparison->part_count; i++)
        are_columns =
            comparison->parts[i].kind == MLG_PART_COLUMN && comparison->parts[i].verdict <= MLG_PART_SAME;
    return are_columns;
}

static int refuse_no_rows(struct context *context, const char *path, bool is_directory)
{
    const char *name = context->comparison.part_count > 0 ? context->comparison.parts[0].name : "",
               *end = strstr(name, "//"); /* in a directory or an archive: of which file there */
    for (const char *next = end; next; next = strstr(next + 2, "//"))
        end = next;
    return mlg_error_set(context->error, MLG_DATA,
                         "'%s%s%.*s' has no rows, so that there is nothing to compare", path,
                         !end           ? ""
                         : is_directory ? "/"
                                        : "//",
                         end ? (int)(end - name) : 0, name);
}

/* are_patterns_asked: what the two hold was looked at, part by part. */
static int conclude(struct context *context, const char *path, bool is_directory, bool are_patterns_asked)
{
    struct mlg_comparison *comparison = &context->comparison;
    comparison->ignored = context->ignored;
    if (comparison->part_count > 0)
        qsort(comparison->parts, comparison->part_count, sizeof *comparison->parts, by_name);
    comparison->same = comparison->part_count > 0;
    for (size_t i = 0; i < comparison->part_count; i++) {
        const struct mlg_part *part = &comparison->parts[i];
        comparison->counts[part->verdict]++;
        comparison->same &= part->verdict <= MLG_PART_SAME;
        if (!comparison->total.undefined)
            comparison->total.undefined = part->distance.undefined;
    }
    if (comparison->part_count == 0 && context->ignored)
        return mlg_error_set(context->error, MLG_DATA,
                             "nothing is left to compare; everything is to be ignored");
    if (comparison->part_count == 0)
        return mlg_error_set(context->error, MLG_DATA,
                             "'%s' holds nothing, so that there is nothing to compare", path);
    return has_no_rows(comparison) ? refuse_no_rows(context, path, is_directory)
                                   : add_notes(context, are_patterns_asked);
}

/* Of the same bytes: a table without rows is no more the same than where bytes differ. A large one has rows.
 */
static int check_rows(struct context *context, const struct side *side, uint64_t size)
{
    enum { SMALL = 64 * 1024 };
    struct mlg_arena scratch;
    struct context *own = size <= SMALL && is_table_name(side->path) && !is_lines_name(side->path)
                              ? context_begin(context->options, &scratch, NULL)
                              : NULL;
    if (!own)
        return 0;
    mlg_arena_init(&scratch, 0);
    const bool has_none =
        compare_content(own, "", side->world, side->path, side->world, side->path, 0) == 0 &&
        own->comparison.total.elements == 0;
    mlg_arena_free(&scratch);
    context_end(own, 0, NULL);
    return has_none ? refuse_no_rows(context, side->path, false) : 0;
}

/* What is compared with a directory, and is none, has to be there. */
static int check_there(const struct side *side, struct mlg_error *error)
{
    struct mlg_content *content;
    if (strcmp(side->path, "-") == 0 || is_directory(side->world, side->path))
        return 0;
    const int code = mlg_content_open(side->world, side->path, &content, error);
    if (!code)
        mlg_content_close(content);
    return code;
}

static int check_options(const struct mlg_compare_options *options, struct mlg_error *error)
{
    if (!(options->absolute >= 0) || !(options->relative >= 0) || !isfinite(options->absolute) ||
        !isfinite(options->relative))
        return mlg_error_set(error, MLG_CONFIG, "a tolerance is a number from 0 on");
    if (options->ignore_count > MLG_COMPARE_IGNORE)
        return mlg_error_set(error, MLG_CONFIG, "there are %zu patterns to ignore; at most %d are",
                             options->ignore_count, MLG_COMPARE_IGNORE);
    for (size_t i = 0; i < options->ignore_count; i++)
        if (options->ignore[i][0] == '\0')
            return mlg_error_set(error, MLG_CONFIG, "a pattern to ignore is empty");
    return 0;
}

static int tell_same_bytes(struct context *context, const struct side *side, uint64_t size)
{
    int code = check_same(context, side->world, side->path);
    if (!code)
        code = check_rows(context, side, size);
    return code ? code : tell_identical(context, "", bytes_text(context, size), size);
}

static int compare_two_files(struct context *context, struct side *a, struct side *b)
{
    bool *identical = &context->comparison.identical_bytes;
    uint64_t size = 0;
    int code = open_side(a, context->error);
    if (!code)
        code = open_side(b, context->error);
    if (!code)
        code = are_identical(a->world, a->path, b->world, b->path, identical, &size, context->error);
    if (!code && *identical && (is_onnx_name(a->path) || is_onnx_name(b->path)))
        code = compare_data_bytes(context, a->world, a->path, b->world, b->path, identical, &size);
    if (!code)
        code = *identical && !context->options->looks_inside
                   ? tell_same_bytes(context, a, size)
                   : compare_content(context, "", a->world, a->path, b->world, b->path, 0);
    blob_close(&a->stream);
    blob_close(&b->stream);
    return code;
}

/* One of them is a directory at least. */
static int compare_two_directories(struct context *context, const struct side *a, const struct side *b)
{
    const bool is_a = is_directory(a->world, a->path), is_b = is_directory(b->world, b->path);
    int code = check_there(a, context->error);
    if (!code)
        code = check_there(b, context->error);
    if (code)
        return code;
    return is_a && is_b ? compare_directories(context, a->world, a->path, b->path,
                                              &context->comparison.identical_bytes)
                        : compare_with_directory(context, is_a);
}

int mlg_compare_files(const struct mlg_world *world, const char *path_a, const char *path_b,
                      const struct mlg_compare_options *options, struct mlg_arena *arena,
                      struct mlg_comparison *comparison, struct mlg_error *error)
{
    struct side a = {.world = world, .path = path_a}, b = {.world = world, .path = path_b};
    struct context *context = context_begin(options, arena, error);
    if (!context)
        return MLG_LIMIT;
    const bool is_directory_a = is_directory(world, path_a), is_directory_b = is_directory(world, path_b);
    int code = check_options(context->options, context->error);
    if (!code)
        code = is_directory_a || is_directory_b ? compare_two_directories(context, &a, &b)
                                                : compare_two_files(context, &a, &b);
    if (!code)
        code = conclude(context, path_a, is_directory_a,
                        is_directory_a == is_directory_b &&
                            (!context->comparison.identical_bytes || context->options->looks_inside));
    *comparison = context->comparison;
    return context_end(context, code, error);
}
