/* unchanged.c: what the runs of a series read, as it was before the first of them; and after each whether it
 * still is: a run that changes what it reads cannot be repeated.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "mlgate/compare.h"
#include "rerun_private.h"

/* Of what is looked at after a run: copies of inputs, or the originals. Of originals that a run has copies of
 * those that look as before are not read, unless all are. Looks are not enough by themselves: who writes to
 * memory that is mapped may leave no trace in them, as in tmpfs. Such a change is found all the same: the
 * copies of the next run are not what was digested before all runs, and after the last one all are read. */
enum which { COPIES, ORIGINALS_THAT_LOOK_OTHER, ORIGINALS };

/* Told of a difference in a directory: how the command can write what it does there. */
static const char *remedy_of(const char *what, const char *name)
{
    return !strchr(what, '\'') ? ""
           : name[0] == '/'
               ? ": list in 'inputs' what it reads there alone, or let what it writes lie elsewhere, by a "
                 "variable such as HF_DATASETS_CACHE in 'environment'"
               : ": list in 'inputs' what it reads there alone, without what it writes";
}

/* The inputs as they are now; copies lie below `directory`. */
static int check_inputs_in(const struct mlg_rerun *rerun, const char *directory, enum which which,
                           unsigned number, struct mlg_arena *scratch, struct mlg_error *error)
{
    const bool of_copies = which == COPIES;
    static const char why[] = "a run that changes what it reads cannot be repeated";
    for (size_t i = 0; i < rerun->order->inputs.count; i++) {
        const char *name = rerun->order->inputs.items[i], *path = mlg_rerun_within(directory, name, scratch);
        struct mlg_entry entry = {0};
        struct mlg_input now = {0};
        const bool is_copied = rerun->is_fresh && name[0] != '/';
        if (of_copies && !is_copied)
            continue; /* it is the original */
        int code =
            path ? rerun->runner->look(rerun->world->self, path, &entry, error) : mlg_rerun_no_memory(error);
        if (code == MLG_OK && entry.kind != MLG_ENTRY_MISSING)
            code =
                mlg_input_digest(rerun->world, name, path, rerun->left_out[i],
                                 which == ORIGINALS_THAT_LOOK_OTHER && is_copied ? &rerun->inputs[i] : NULL,
                                 scratch, &now, error);
        if (code != MLG_OK)
            return code;
        const char *what = entry.kind == MLG_ENTRY_MISSING
                               ? "removed"
                               : mlg_input_difference(&rerun->inputs[i], &now, of_copies, scratch);
        const bool is_elsewhere = !of_copies && is_copied;
        if (what)
            return is_elsewhere
                       ? mlg_error_set(error, MLG_DATA,
                                       "run %u, or something else meanwhile, %s its input '%s' where "
                                       "it was copied from; %s",
                                       number, what, name, why)
                       : mlg_error_set(error, MLG_DATA, "run %u %s its input '%s'; %s%s", number, what, name,
                                       why, remedy_of(what, name));
    }
    return MLG_OK;
}

int mlg_rerun_check_inputs(const struct mlg_rerun *rerun, const char *directory, unsigned number,
                           struct mlg_error *error)
{
    struct mlg_arena scratch;
    struct mlg_error of_copy = {0};
    mlg_arena_init(&scratch, 0);
    const int copies = check_inputs_in(rerun, directory, COPIES, number, &scratch, &of_copy);
    /* A copy may be another because the original was. */
    const enum which which = copies == MLG_OK ? ORIGINALS_THAT_LOOK_OTHER : ORIGINALS;
    int code = check_inputs_in(rerun, rerun->base, which, number, &scratch, error);
    if (code == MLG_OK && copies != MLG_OK) {
        code = copies;
        if (error)
            *error = of_copy;
    }
    mlg_arena_free(&scratch);
    return code;
}

int mlg_rerun_check_originals(const struct mlg_rerun *rerun, struct mlg_error *error)
{
    struct mlg_arena scratch;
    if (!rerun->is_fresh)
        return MLG_OK; /* they were read after each run */
    mlg_arena_init(&scratch, 0);
    const int code = check_inputs_in(rerun, rerun->base, ORIGINALS, rerun->count, &scratch, error);
    mlg_arena_free(&scratch);
    return code;
}

/* Reports, the manifest and the cache lie among the inputs where these are all of a directory. */
static int find_written(struct mlg_rerun *rerun, struct mlg_error *error)
{
    static const char *const always[] = {".mlgate", "mlgate-out"};
    enum { ALWAYS = sizeof always / sizeof *always };
    const struct mlg_texts *more = &rerun->order->written;
    struct mlg_arena *arena = rerun->arena;
    rerun->written.items = MLG_NEW_ARRAY(arena, const char *, ALWAYS + more->count);
    if (!rerun->written.items)
        return mlg_rerun_no_memory(error);
    for (size_t i = 0; i < ALWAYS + more->count; i++) {
        struct mlg_error ignored;
        const char *path =
            i < ALWAYS ? mlg_arena_format(arena, "%s/%s", rerun->base, always[i]) : more->items[i - ALWAYS];
        if (!path)
            return mlg_rerun_no_memory(error);
        const char *slash = strrchr(path, '/');
        const char *above = !slash          ? "."
                            : slash == path ? "/"
                                            : mlg_arena_copy(arena, path, (size_t)(slash - path));
        const char *real =
            above ? rerun->runner->real_path(rerun->world->self, above, arena, &ignored) : NULL;
        const char *whole = real ? mlg_arena_format(arena, "%s/%s", strcmp(real, "/") == 0 ? "" : real,
                                                    slash ? slash + 1 : path)
                                 : NULL;
        if (whole)
            rerun->written.items[rerun->written.count++] = whole;
    }
    return MLG_OK;
}

int mlg_rerun_digest_inputs(struct mlg_rerun *rerun, struct mlg_error *error)
{
    const struct mlg_texts *inputs = &rerun->order->inputs;
    rerun->inputs = MLG_NEW_ARRAY(rerun->arena, struct mlg_input, inputs->count + 1);
    rerun->left_out = MLG_NEW_ARRAY(rerun->arena, const struct mlg_texts *, inputs->count + 1);
    if (!rerun->inputs || !rerun->left_out)
        return mlg_rerun_no_memory(error);
    int code = find_written(rerun, error);
    for (size_t i = 0; code == MLG_OK && i < inputs->count; i++) {
        const char *path = mlg_rerun_within(rerun->base, inputs->items[i], rerun->arena);
        rerun->left_out[i] =
            mlg_input_left_out(rerun->world, inputs->items[i], rerun->base, &rerun->written, rerun->arena);
        code = path && rerun->left_out[i]
                   ? mlg_input_digest(rerun->world, inputs->items[i], path, rerun->left_out[i], NULL,
                                      rerun->arena, &rerun->inputs[i], error)
                   : mlg_rerun_no_memory(error);
    }
    return code;
}

/* Runs below what they copy would copy themselves; and each has an "output" of its own among what it copied.
 */
int mlg_rerun_check_places(const struct mlg_rerun *rerun, struct mlg_error *error)
{
    const struct mlg_texts *inputs = &rerun->order->inputs;
    struct mlg_error ignored;
    for (size_t i = 0; rerun->is_fresh && i < inputs->count; i++) {
        const char *path = mlg_rerun_within(rerun->base, inputs->items[i], rerun->arena);
        const char *real =
            path ? rerun->runner->real_path(rerun->world->self, path, rerun->arena, &ignored) : NULL;
        const size_t size = real ? strlen(real) : 0;
        if (real && strncmp(rerun->root, real, size) == 0 && rerun->root[size] == '/')
            return mlg_error_set(
                error, MLG_WORLD,
                "the directory of the runs, '%s', would lie in the input '%s'; set TMPDIR to "
                "a directory elsewhere",
                rerun->root, inputs->items[i]);
        struct mlg_entry entry = {0};
        const char *output = mlg_arena_format(rerun->arena, "%s/output", rerun->base);
        int code = output ? MLG_OK : mlg_rerun_no_memory(error);
        if (code == MLG_OK && real && strcmp(real, rerun->base) == 0)
            code = rerun->runner->look(rerun->world->self, output, &entry, error);
        if (code == MLG_OK && entry.kind != MLG_ENTRY_MISSING)
            code =
                mlg_error_set(error, MLG_DATA,
                              "the input '%s' holds 'output', the name of the directory that {output} stands "
                              "for in each run; list inputs one by one, without it",
                              inputs->items[i]);
        if (code != MLG_OK)
            return code;
    }
    return MLG_OK;
}

const char *mlg_rerun_input_with_content(const struct mlg_rerun *rerun, const char *sha256)
{
    for (size_t i = 0; i < rerun->order->inputs.count; i++) {
        const struct mlg_input_file *file = mlg_input_with_content(&rerun->inputs[i], sha256);
        if (file)
            return mlg_input_file_name(rerun->order->inputs.items[i], file, rerun->arena);
    }
    return NULL;
}

const char *mlg_rerun_input_with_name(const struct mlg_rerun *rerun, const char *output)
{
    const char *const name = mlg_rerun_last_part(output);
    for (size_t i = 0; i < rerun->order->inputs.count; i++)
        for (size_t k = 0; k < rerun->inputs[i].count; k++) {
            const struct mlg_input_file *file = &rerun->inputs[i].files[k];
            const char *path = file->path[0] ? file->path : rerun->order->inputs.items[i];
            if (file->seen.kind == MLG_ENTRY_FILE && strcmp(mlg_rerun_last_part(path), name) == 0)
                return mlg_input_file_name(rerun->order->inputs.items[i], file, rerun->arena);
        }
    return NULL;
}

enum { SMALLEST_POINTER = 100, LARGEST_POINTER = 1023 /* bytes, as Git LFS has it */ };

static bool is_pointer(const struct mlg_rerun *rerun, const char *path, struct mlg_arena *scratch)
{
    struct mlg_error ignored = {0};
    size_t size = 0;
    const char *bytes =
        path ? mlg_world_read_file(rerun->world, path, LARGEST_POINTER, scratch, &size, &ignored) : NULL;
    return bytes && mlg_is_lfs_pointer(bytes, size);
}

const char *mlg_rerun_find_pointer(const struct mlg_rerun *rerun, size_t *count)
{
    const char *first = NULL;
    *count = 0;
    for (size_t i = 0; i < rerun->order->inputs.count; i++)
        for (size_t k = 0; k < rerun->inputs[i].count; k++) {
            const struct mlg_input_file *file = &rerun->inputs[i].files[k];
            if (file->seen.kind != MLG_ENTRY_FILE || file->seen.size < SMALLEST_POINTER ||
                file->seen.size > LARGEST_POINTER)
                continue;
            struct mlg_arena scratch;
            mlg_arena_init(&scratch, 0);
            const char *name = mlg_input_file_name(rerun->order->inputs.items[i], file, rerun->arena);
            if (name && is_pointer(rerun, mlg_rerun_within(rerun->base, name, &scratch), &scratch)) {
                first = first ? first : name;
                ++*count;
            }
            mlg_arena_free(&scratch);
        }
    return first;
}

const struct mlg_input *mlg_rerun_inputs(const struct mlg_rerun *rerun)
{
    return rerun->inputs;
}
