/* outputs.c: what a run wrote, where it is kept: each output is there, was made by this run, and is its own;
 * and that no later run has reached it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/content.h"
#include "outputs.h"
#include "unwritten.h"

/* What is at `path` below `kept`. Of its parts none may be a link: what lies elsewhere was not written to the
 * run's own directory, and is the same for all runs whatever they do. */
static int look_below(const struct mlg_rerun *rerun, const char *kept, const char *path,
                      struct mlg_entry *entry, struct mlg_error *error)
{
    const char *whole = mlg_arena_format(rerun->arena, "%s/%s", kept, path);
    if (!whole)
        return mlg_rerun_no_memory(error);
    for (size_t size = strlen(kept);;) {
        size += 1 + strcspn(whole + size + 1, "/");
        const char *part = mlg_arena_copy(rerun->arena, whole, size);
        const int code =
            part ? rerun->runner->look(rerun->world->self, part, entry, error) : mlg_rerun_no_memory(error);
        if (code != MLG_OK || whole[size] == '\0' || entry->kind != MLG_ENTRY_DIRECTORY)
            return code;
    }
}

const char *mlg_output_kind_words(enum mlg_entry_kind kind)
{
    return kind == MLG_ENTRY_LINK ? "is a link or lies behind one, which is not followed; write a file"
                                  : "is neither a file nor a directory; write a file";
}

/* Has the file names outside of the run's own directory? Then what lies there may be another run's, too. */
static int check_links(const struct mlg_rerun *rerun, const char *kept, const struct mlg_entry *file,
                       bool *is_shared, struct mlg_error *error)
{
    struct mlg_arena scratch;
    struct mlg_entries entries = {0};
    uint64_t own = 0;
    *is_shared = false;
    if (file->links <= 1)
        return MLG_OK;
    mlg_arena_init(&scratch, 0);
    const int code = mlg_output_list(rerun, kept, &scratch, &entries, error);
    for (size_t i = 0; code == MLG_OK && i < entries.count; i++)
        own += entries.items[i].device == file->device && entries.items[i].inode == file->inode;
    *is_shared = own < file->links;
    mlg_arena_free(&scratch);
    return code;
}

static const char *epoch_of(const struct mlg_rerun_run *run)
{
    const char *epoch = mlg_command_variable(run->environment, "SOURCE_DATE_EPOCH");
    return epoch && *epoch ? epoch : NULL;
}

/* Time stamps that builds set so that they are always the same: nobody has made a model before the time of
 * zip archives. */
static bool is_set_on_purpose(const struct mlg_rerun_run *run, int64_t modified)
{
    static const int64_t first_of_zip = 315532800, day = 86400, second = 1000000000;
    const char *epoch = epoch_of(run);
    return modified / second <= first_of_zip + day ||
           (epoch && modified == strtoll(epoch, NULL, 10) * second);
}

/* Who finds the result among what it reads may hand it on: what it would have made is not known. */
static int check_made(const struct mlg_rerun *rerun, const struct mlg_rerun_run *run, size_t output,
                      struct mlg_error *error)
{
    const char *found = mlg_rerun_input_with_content(rerun, run->outputs[output].sha256);
    return found
               ? mlg_error_set(error, MLG_DATA,
                               "the output '%s' of run %u has the content of the input '%s': whether it was "
                               "made, or only copied, nobody can tell; leave that file out of 'inputs', or "
                               "out of 'outputs' where copying is what it is there for",
                               rerun->order->outputs.items[output], run->number, found)
               : MLG_OK;
}

bool mlg_output_is_old(const struct mlg_output *output, const struct mlg_entry *entry)
{
    return entry->modified < output->started && !is_set_on_purpose(output->run, entry->modified);
}

bool mlg_output_is_undated(const struct mlg_output *output, const struct mlg_entry *entry)
{
    return entry->modified < output->started && !epoch_of(output->run) && !mlg_output_is_old(output, entry);
}

int mlg_output_refuse_hard_links(const struct mlg_output *output, const char *name,
                                 const struct mlg_entry *entry)
{
    bool is_shared = false;
    const int code = check_links(output->rerun, output->kept, entry, &is_shared, output->error);
    return code == MLG_OK && is_shared
               ? mlg_error_set(output->error, MLG_DATA,
                               "the output '%s' of run %u is a hard link to a file elsewhere, which is the "
                               "same for all runs; write a file",
                               name, output->run->number)
               : code;
}

int mlg_output_refuse_empty(const struct mlg_output *output)
{
    output->run->has_failed = true;
    return mlg_error_set(output->error, MLG_DATA, "the output '%s' of run %u is empty", output->name,
                         output->run->number);
}

static int look_at_file(const struct mlg_output *output)
{
    const struct mlg_entry *entry = &output->file->seen;
    if (entry->size == 0)
        return mlg_output_refuse_empty(output);
    if (mlg_output_is_old(output, entry))
        return mlg_error_set(output->error, MLG_DATA,
                             "the output '%s' of run %u is older than the run: it was copied from "
                             "elsewhere, and not made",
                             output->name, output->run->number);
    if (mlg_output_is_undated(output, entry) && !output->run->copied)
        output->run->copied = mlg_arena_format(
            output->rerun->arena,
            "the output '%s' has a time stamp of 1980 or before, though SOURCE_DATE_EPOCH is "
            "not set",
            output->name);
    return mlg_output_refuse_hard_links(output, output->name, entry);
}

int mlg_rerun_digest(const struct mlg_world *world, const char *name, const char *path,
                     struct mlg_arena *arena, struct mlg_rerun_file *file, struct mlg_error *error)
{
    struct mlg_input input;
    const int code = mlg_input_digest(world, name, path, NULL, NULL, arena, &input, error);
    *file = (struct mlg_rerun_file){.path = path};
    if (code != MLG_OK)
        return code;
    memcpy(file->sha256, input.sha256, sizeof file->sha256);
    for (size_t i = 0; i < input.count; i++)
        file->size += (uint64_t)input.files[i].seen.size;
    return MLG_OK;
}

/* Is there a file or a directory of that name? */
static bool has(const struct mlg_rerun *rerun, const char *directory, const char *name)
{
    struct mlg_entry entry = {0};
    struct mlg_error ignored = {0};
    const char *path = mlg_arena_format(rerun->arena, "%s/%s", directory, name);
    return path && rerun->runner->look(rerun->world->self, path, &entry, &ignored) == MLG_OK &&
           entry.kind != MLG_ENTRY_MISSING;
}

/* Does an input bring something of that name? */
static bool is_brought(const struct mlg_rerun *rerun, const char *name)
{
    for (size_t i = 0; i < rerun->order->inputs.count; i++)
        for (size_t k = 0; k < rerun->inputs[i].count; k++) {
            const char *file =
                mlg_input_file_name(rerun->order->inputs.items[i], &rerun->inputs[i].files[k], rerun->arena);
            if (file && mlg_path_is_below(file, name))
                return true;
        }
    return false;
}

const char *mlg_rerun_find_misplaced(const struct mlg_rerun *rerun, const char *directory)
{
    const struct mlg_texts *names = &rerun->order->outputs;
    const char *output = mlg_arena_format(rerun->arena, "%s/output", directory);
    for (size_t i = 0; rerun->is_fresh && output && i < names->count; i++)
        if (!has(rerun, output, names->items[i]))
            return has(rerun, directory, names->items[i]) && !is_brought(rerun, names->items[i])
                       ? names->items[i]
                       : NULL;
    return NULL;
}

static const char *instead_of(const struct mlg_rerun *rerun, const char *kept, const char *output,
                              const char *misplaced)
{
    const char *directory = mlg_arena_format(rerun->arena, "%s/output", kept);
    const char *written = directory ? mlg_unwritten(rerun->world, directory, output, rerun->arena) : "";
    const char *text = misplaced && strcmp(misplaced, output) == 0
                           ? mlg_arena_format(rerun->arena,
                                              "%s; '%s' lies in the directory that the command ran in: "
                                              "write it to {output}",
                                              written, output)
                           : written;
    return text ? text : written;
}

int mlg_rerun_find_outputs(const struct mlg_rerun *rerun, const char *kept, int64_t started,
                           const char *misplaced, struct mlg_rerun_run *run, struct mlg_error *error)
{
    const struct mlg_texts *names = &rerun->order->outputs;
    uint64_t total = 0;
    run->outputs = MLG_NEW_ARRAY(rerun->arena, struct mlg_rerun_file, names->count + 1);
    if (!run->outputs)
        return mlg_rerun_no_memory(error);
    for (size_t i = 0; i < names->count; i++) {
        struct mlg_rerun_file *file = &run->outputs[i];
        const struct mlg_output output = {.rerun = rerun,
                                          .run = run,
                                          .kept = kept,
                                          .started = started,
                                          .name = names->items[i],
                                          .file = file,
                                          .error = error};
        const char *path = mlg_arena_format(rerun->arena, "output/%s", names->items[i]);
        file->path = mlg_arena_format(rerun->arena, "%s/%s", kept, path);
        if (!path || !file->path)
            return mlg_rerun_no_memory(error);
        int code = look_below(rerun, kept, path, &file->seen, error);
        if (code != MLG_OK)
            return code;
        run->has_failed = file->seen.kind == MLG_ENTRY_MISSING;
        if (file->seen.kind == MLG_ENTRY_MISSING)
            return mlg_error_set(
                error, MLG_DATA, "run %u did not write '%s' to {output}, the fresh directory of the run%s%s",
                run->number, names->items[i], instead_of(rerun, kept, names->items[i], misplaced),
                mlg_rerun_last_lines(rerun, run, "it"));
        if (file->seen.kind != MLG_ENTRY_FILE && file->seen.kind != MLG_ENTRY_DIRECTORY)
            return mlg_error_set(error, MLG_DATA, "the output '%s' of run %u %s", names->items[i],
                                 run->number, mlg_output_kind_words(file->seen.kind));
        const bool is_file = file->seen.kind == MLG_ENTRY_FILE;
        code = is_file ? look_at_file(&output) : mlg_output_look_at_directory(&output);
        total += (uint64_t)file->seen.size;
        if (code == MLG_OK && total > mlg_output_most)
            return mlg_error_set(error, MLG_LIMIT,
                                 "the outputs of run %u are larger than the %llu GiB that are compared",
                                 run->number, (unsigned long long)(mlg_output_most >> 30));
        if (code == MLG_OK && is_file)
            code = mlg_file_digest(rerun->world, file->path, file->sha256, &file->size, error);
        if (code == MLG_OK && is_file)
            code = check_made(rerun, run, i, error);
        if (code != MLG_OK)
            return code;
    }
    return MLG_OK;
}

int mlg_rerun_check_kept(const struct mlg_rerun *rerun, struct mlg_rerun_run *const *runs, size_t count,
                         struct mlg_error *error)
{
    for (size_t r = 0; r < count; r++)
        for (size_t i = 0; i < rerun->order->outputs.count; i++) {
            const struct mlg_rerun_file *file = &runs[r]->outputs[i];
            struct mlg_entry now = {0};
            bool same_below = false;
            int code = rerun->runner->look(rerun->world->self, file->path, &now, error);
            if (code == MLG_OK)
                code = mlg_output_check_below(rerun, file, &same_below, error);
            if (code != MLG_OK)
                return code;
            const bool same_size = now.kind == MLG_ENTRY_DIRECTORY || now.size == file->seen.size;
            if (!same_below || !same_size || now.kind != file->seen.kind ||
                now.modified != file->seen.modified || now.changed != file->seen.changed ||
                now.device != file->seen.device || now.inode != file->seen.inode ||
                now.links != file->seen.links)
                return mlg_error_set(
                    error, MLG_DATA,
                    "'%s' of run %u changed after that run: a later one reached what was kept "
                    "of it; runs must not write to each other's files",
                    rerun->order->outputs.items[i], runs[r]->number);
        }
    return MLG_OK;
}
