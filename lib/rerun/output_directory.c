/* output_directory.c: a directory that a run wrote, with all that is in it, as an output. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/table.h"
#include "mlgate/text.h"
#include "outputs.h"

int mlg_output_list(const struct mlg_rerun *rerun, const char *directory, struct mlg_arena *arena,
                    struct mlg_entries *entries, struct mlg_error *error)
{
    enum { MOST_ENTRIES = 100000 };
    *entries = (struct mlg_entries){0};
    return rerun->runner->list(rerun->world->self, directory, MOST_ENTRIES, arena, entries, error);
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

static int compare_paths(const void *a, const void *b)
{
    return strcmp(((const struct mlg_entry *)a)->path, ((const struct mlg_entry *)b)->path);
}

static enum mlg_entry_kind kind_of(const struct mlg_entries *entries, const char *path)
{
    const struct mlg_entry sought = {.path = path};
    const struct mlg_entry *found = entries->count > 0 ? bsearch(&sought, entries->items, entries->count,
                                                                 sizeof *entries->items, compare_paths)
                                                       : NULL;
    return found ? found->kind : MLG_ENTRY_MISSING;
}

/* Is the link in the directory another name for a file in it, as "last.ckpt" is for "epoch=2.ckpt" and what
 * lies in "snapshots" for what lies in "blobs"? Its text is followed part by part among what was listed, and
 * never on the disk: each part has to be a directory, the last one a file, and no link, and none may lie
 * above the directory. */
static bool is_other_name(const struct mlg_output *output, const struct mlg_entries *entries,
                          const struct mlg_entry *link, struct mlg_arena *scratch)
{
    enum { LONGEST = 4096 };
    const struct mlg_rerun *rerun = output->rerun;
    struct mlg_error ignored = {0};
    const char *place = mlg_arena_format(scratch, "%s/%s", output->file->path, link->path);
    const char *text = place && rerun->runner->read_link
                           ? rerun->runner->read_link(rerun->world->self, place, scratch, &ignored)
                           : NULL;
    const char *slash = strrchr(link->path, '/');
    size_t used = slash ? (size_t)(slash - link->path) : 0;
    char path[LONGEST];
    enum mlg_entry_kind kind = MLG_ENTRY_DIRECTORY;
    if (!text || text[0] == '/' || used + strlen(text) + 2 > sizeof path)
        return false;
    memcpy(path, link->path, used);
    path[used] = '\0';
    for (size_t size = 0; *text && kind == MLG_ENTRY_DIRECTORY; text += size + (text[size] == '/')) {
        size = strcspn(text, "/");
        if (text[size] == '/' && !text[size + 1])
            return false;
        if (size == 2 && memcmp(text, "..", 2) == 0) {
            if (used == 0)
                return false;
            while (used > 0 && path[--used] != '/')
                continue;
        } else if (size > 0 && !(size == 1 && *text == '.')) {
            if (used > 0)
                path[used++] = '/';
            memcpy(path + used, text, size);
            used += size;
        }
        path[used] = '\0';
        kind = used > 0 ? kind_of(entries, path) : MLG_ENTRY_DIRECTORY;
    }
    return kind == MLG_ENTRY_FILE && !*text;
}

/* Of a file in a directory: a link is not followed, as an output that is one is not, unless it is another
 * name for a file in it, which is looked at itself. */
static int look_at_file_below(const struct mlg_output *output, const struct mlg_entries *entries,
                              const struct mlg_entry *entry, struct mlg_arena *scratch)
{
    const char *name = mlg_arena_format(output->rerun->arena, "%s/%s", output->name, entry->path);
    if (!name)
        return mlg_rerun_no_memory(output->error);
    if (entry->kind == MLG_ENTRY_LINK && is_other_name(output, entries, entry, scratch))
        return MLG_OK;
    if (entry->kind != MLG_ENTRY_FILE && entry->kind != MLG_ENTRY_DIRECTORY)
        return mlg_error_set(output->error, MLG_DATA, "the output '%s' of run %u %s%s", name,
                             output->run->number, mlg_output_kind_words(entry->kind),
                             entry->kind == MLG_ENTRY_LINK ? ", or a relative link to a file below the output"
                                                           : "");
    return entry->kind == MLG_ENTRY_FILE ? mlg_output_refuse_hard_links(output, name, entry) : MLG_OK;
}

/* Tools put files into a directory that they only copy, a vocabulary or a list of requirements; one of which
 * everything was copied nobody has made. */
static int check_made_below(const struct mlg_output *output, const struct mlg_input *files)
{
    const char *first = NULL, *why = NULL;
    size_t count = 0, copied = 0, undated = 0;
    const char *last = "";
    for (size_t i = 0; i < files->count; i++) {
        const struct mlg_input_file *file = &files->files[i];
        if (file->seen.kind != MLG_ENTRY_FILE || file->seen.size == 0)
            continue;
        const char *found = mlg_rerun_input_with_content(output->rerun, file->sha256);
        count++;
        last = file->path;
        undated += mlg_output_is_undated(output, &file->seen);
        if (!found && !mlg_output_is_old(output, &file->seen))
            continue;
        if (copied++ == 0) {
            first = file->path;
            why = found ? mlg_arena_format(output->rerun->arena, "which has the content of the input '%s'",
                                           found)
                        : "which is older than the run";
        }
    }
    if (count == 0)
        return mlg_output_refuse_empty(output);
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
    if (undated == count && !output->run->copied)
        output->run->copied =
            mlg_arena_format(output->rerun->arena,
                             "the output '%s' holds '%s', which has, as every file in it, a "
                             "time stamp of 1980 or before, though SOURCE_DATE_EPOCH is "
                             "not set",
                             output->name, last);
    return MLG_OK;
}

int mlg_output_look_at_directory(const struct mlg_output *output)
{
    const struct mlg_rerun *rerun = output->rerun;
    struct mlg_arena scratch;
    struct mlg_entries entries;
    struct mlg_input files;
    mlg_arena_init(&scratch, 0);
    int code = mlg_output_list(rerun, output->file->path, &scratch, &entries, output->error);
    output->file->seen.size = 0;
    for (size_t i = 0; code == MLG_OK && i < entries.count; i++) {
        code = look_at_file_below(output, &entries, &entries.items[i], &scratch);
        output->file->seen.size += entries.items[i].size;
    }
    if (code == MLG_OK && (uint64_t)output->file->seen.size <= mlg_output_most) {
        code = digest_looks(&entries, output->file->seen_below, output->error);
        if (code == MLG_OK)
            code = mlg_input_digest(rerun->world, output->name, output->file->path, NULL, NULL, &scratch,
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

int mlg_output_check_below(const struct mlg_rerun *rerun, const struct mlg_rerun_file *file, bool *same,
                           struct mlg_error *error)
{
    struct mlg_arena scratch;
    struct mlg_entries entries;
    char now[65];
    *same = true;
    if (file->seen.kind != MLG_ENTRY_DIRECTORY)
        return MLG_OK;
    mlg_arena_init(&scratch, 0);
    int code = mlg_output_list(rerun, file->path, &scratch, &entries, error);
    if (code == MLG_OK)
        code = digest_looks(&entries, now, error);
    *same = code == MLG_OK && strcmp(now, file->seen_below) == 0;
    mlg_arena_free(&scratch);
    return code;
}
