/* outputs.c: what a run wrote, where it is kept: each output is there, was made by this run, and is its own;
 * and that no later run has reached it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/content.h"
#include "mlgate/table.h"
#include "mlgate/text.h"
#include "rerun_private.h"

/* The bytes of a run's outputs together: what is more takes hours to compare, outside of any time-out. */
static const uint64_t most_output = (uint64_t)64 << 30;

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

/* What an output is that is no file. */
static const char *kind_words(enum mlg_entry_kind kind)
{
    return kind == MLG_ENTRY_LINK ? "is a link or lies behind one, which is not followed; write a file"
                                  : "is neither a file nor a directory; write a file";
}

static int list_below(const struct mlg_rerun *rerun, const char *directory, struct mlg_arena *arena,
                      struct mlg_entries *entries, struct mlg_error *error)
{
    enum { MOST_ENTRIES = 100000 };
    *entries = (struct mlg_entries){0};
    return rerun->runner->list(rerun->world->self, directory, MOST_ENTRIES, arena, entries, error);
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
    const int code = list_below(rerun, kept, &scratch, &entries, error);
    for (size_t i = 0; code == MLG_OK && i < entries.count; i++)
        own += entries.items[i].device == file->device && entries.items[i].inode == file->inode;
    *is_shared = own < file->links;
    mlg_arena_free(&scratch);
    return code;
}

/* Time stamps that builds set so that they are always the same: nobody has made a model before the time of
 * zip archives. */
static bool is_set_on_purpose(const struct mlg_rerun_run *run, int64_t modified)
{
    static const int64_t first_of_zip = 315532800, day = 86400, second = 1000000000;
    const char *epoch = mlg_command_variable(run->environment, "SOURCE_DATE_EPOCH");
    return modified / second <= first_of_zip + day ||
           (epoch && *epoch && modified == strtoll(epoch, NULL, 10) * second);
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

/* An output that is looked at. */
struct output {
    const struct mlg_rerun *rerun;
    struct mlg_rerun_run *run;
    const char *kept; /* where all of the run is kept */
    int64_t started;
    const char *name;
    struct mlg_rerun_file *file;
    struct mlg_error *error;
};

static bool is_old(const struct output *output, const struct mlg_entry *entry)
{
    return entry->modified < output->started && !is_set_on_purpose(output->run, entry->modified);
}

static int refuse_hard_links(const struct output *output, const char *name, const struct mlg_entry *entry)
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

static int refuse_empty(const struct output *output)
{
    output->run->has_failed = true;
    return mlg_error_set(output->error, MLG_DATA, "the output '%s' of run %u is empty", output->name,
                         output->run->number);
}

static int look_at_file(const struct output *output)
{
    const struct mlg_entry *entry = &output->file->seen;
    if (entry->size == 0)
        return refuse_empty(output);
    if (is_old(output, entry))
        return mlg_error_set(output->error, MLG_DATA,
                             "the output '%s' of run %u is older than the run: it was copied from "
                             "elsewhere, and not made",
                             output->name, output->run->number);
    return refuse_hard_links(output, output->name, entry);
}

/* What nobody can change below a directory without changing this. */
static int digest_looks(const struct mlg_entries *entries, char digest[65], struct mlg_error *error)
{
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    for (size_t i = 0; i < entries->count; i++) {
        const struct mlg_entry *entry = &entries->items[i];
        mlg_put_format(&text, "%s\n%d %lld %lld %lld %llu %llu %llu\n", entry->path, (int)entry->kind,
                       (long long)entry->size, (long long)entry->modified, (long long)entry->changed,
                       (unsigned long long)entry->device, (unsigned long long)entry->inode,
                       (unsigned long long)entry->links);
    }
    if (!text.failed)
        mlg_sha256(text.data ? text.data : "", text.size, digest);
    const int code = text.failed ? mlg_rerun_no_memory(error) : MLG_OK;
    mlg_builder_free(&text);
    return code;
}

/* Of a file in a directory: a link is not followed, as an output that is one is not. */
static int look_at_file_below(const struct output *output, const struct mlg_entry *entry)
{
    const char *name = mlg_arena_format(output->rerun->arena, "%s/%s", output->name, entry->path);
    if (!name)
        return mlg_rerun_no_memory(output->error);
    if (entry->kind != MLG_ENTRY_FILE && entry->kind != MLG_ENTRY_DIRECTORY)
        return mlg_error_set(output->error, MLG_DATA, "the output '%s' of run %u %s", name,
                             output->run->number, kind_words(entry->kind));
    return entry->kind == MLG_ENTRY_FILE ? refuse_hard_links(output, name, entry) : MLG_OK;
}

/* Tools put files into a directory that they only copy, a vocabulary or a list of requirements; one of which
 * everything was copied nobody has made. */
static int check_made_below(const struct output *output, const struct mlg_input *files)
{
    const char *first = NULL, *why = NULL;
    size_t count = 0, copied = 0;
    for (size_t i = 0; i < files->count; i++) {
        const struct mlg_input_file *file = &files->files[i];
        if (file->seen.kind != MLG_ENTRY_FILE || file->seen.size == 0)
            continue;
        const char *found = mlg_rerun_input_with_content(output->rerun, file->sha256);
        count++;
        if (!found && !is_old(output, &file->seen))
            continue;
        if (copied++ == 0) {
            first = file->path;
            why = found ? mlg_arena_format(output->rerun->arena, "which has the content of the input '%s'",
                                           found)
                        : "which is older than the run";
        }
    }
    if (count == 0)
        return refuse_empty(output);
    if (copied > 0 && (!first || !why))
        return mlg_rerun_no_memory(output->error);
    if (copied == count)
        return mlg_error_set(output->error, MLG_DATA,
                             "the output '%s' of run %u holds nothing but what was copied: first '%s', %s; "
                             "whether any of it was made nobody can tell",
                             output->name, output->run->number, first, why);
    if (copied > 0 && !output->run->copied)
        output->run->copied = mlg_arena_format(
            output->rerun->arena, "the output '%s' holds '%s', %s%s", output->name, first, why,
            copied > 1 ? mlg_arena_format(output->rerun->arena, ", and %zu more such files", copied - 1)
                       : "");
    return MLG_OK;
}

static int look_at_directory(const struct output *output)
{
    const struct mlg_rerun *rerun = output->rerun;
    struct mlg_arena scratch;
    struct mlg_entries entries;
    struct mlg_input files;
    mlg_arena_init(&scratch, 0);
    int code = list_below(rerun, output->file->path, &scratch, &entries, output->error);
    output->file->seen.size = 0;
    for (size_t i = 0; code == MLG_OK && i < entries.count; i++) {
        code = look_at_file_below(output, &entries.items[i]);
        output->file->seen.size += entries.items[i].size;
    }
    if (code == MLG_OK && (uint64_t)output->file->seen.size <= most_output) {
        code = digest_looks(&entries, output->file->seen_below, output->error);
        if (code == MLG_OK)
            code = mlg_input_digest(rerun->world, output->name, output->file->path, NULL, NULL, 0, &scratch,
                                    &files, output->error);
        if (code == MLG_OK)
            code = check_made_below(output, &files);
        if (code == MLG_OK)
            memcpy(output->file->sha256, files.sha256, sizeof files.sha256);
    }
    output->file->size = (uint64_t)output->file->seen.size;
    mlg_arena_free(&scratch);
    return code;
}

int mlg_rerun_digest(const struct mlg_world *world, const char *name, const char *path,
                     struct mlg_arena *arena, struct mlg_rerun_file *file, struct mlg_error *error)
{
    struct mlg_input input;
    const int code = mlg_input_digest(world, name, path, NULL, NULL, 0, arena, &input, error);
    *file = (struct mlg_rerun_file){.path = path};
    if (code != MLG_OK)
        return code;
    memcpy(file->sha256, input.sha256, sizeof file->sha256);
    for (size_t i = 0; i < input.count; i++)
        file->size += (uint64_t)input.files[i].seen.size;
    return MLG_OK;
}

/* Finds the outputs where they are kept. */
int mlg_rerun_find_outputs(const struct mlg_rerun *rerun, const char *kept, int64_t started,
                           struct mlg_rerun_run *run, struct mlg_error *error)
{
    const struct mlg_texts *names = &rerun->order->outputs;
    uint64_t total = 0;
    run->outputs = MLG_NEW_ARRAY(rerun->arena, struct mlg_rerun_file, names->count + 1);
    if (!run->outputs)
        return mlg_rerun_no_memory(error);
    for (size_t i = 0; i < names->count; i++) {
        struct mlg_rerun_file *file = &run->outputs[i];
        const struct output output = {.rerun = rerun,
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
            return mlg_error_set(error, MLG_DATA,
                                 "run %u did not write '%s' to {output}, the fresh directory of the run%s",
                                 run->number, names->items[i], mlg_rerun_last_lines(run, rerun->arena));
        if (file->seen.kind != MLG_ENTRY_FILE && file->seen.kind != MLG_ENTRY_DIRECTORY)
            return mlg_error_set(error, MLG_DATA, "the output '%s' of run %u %s", names->items[i],
                                 run->number, kind_words(file->seen.kind));
        const bool is_file = file->seen.kind == MLG_ENTRY_FILE;
        code = is_file ? look_at_file(&output) : look_at_directory(&output);
        total += (uint64_t)file->seen.size;
        if (code == MLG_OK && total > most_output)
            return mlg_error_set(error, MLG_LIMIT,
                                 "the outputs of run %u are larger than the %llu GiB that are compared",
                                 run->number, (unsigned long long)(most_output >> 30));
        if (code == MLG_OK && is_file)
            code = mlg_file_digest(rerun->world, file->path, file->sha256, &file->size, error);
        if (code == MLG_OK && is_file)
            code = check_made(rerun, run, i, error);
        if (code != MLG_OK)
            return code;
    }
    return MLG_OK;
}

/* Does a directory hold what it held? */
static int check_below(const struct mlg_rerun *rerun, const struct mlg_rerun_file *file, bool *same,
                       struct mlg_error *error)
{
    struct mlg_arena scratch;
    struct mlg_entries entries;
    char now[65];
    *same = true;
    if (file->seen.kind != MLG_ENTRY_DIRECTORY)
        return MLG_OK;
    mlg_arena_init(&scratch, 0);
    int code = list_below(rerun, file->path, &scratch, &entries, error);
    if (code == MLG_OK)
        code = digest_looks(&entries, now, error);
    *same = code == MLG_OK && strcmp(now, file->seen_below) == 0;
    mlg_arena_free(&scratch);
    return code;
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
                code = check_below(rerun, file, &same_below, error);
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
