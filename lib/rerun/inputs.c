/* inputs.c: what a command reads, behind whatever links it lies. */
#include "inputs.h"

#include <stdlib.h>
#include <string.h>

#include "mlgate/content.h"
#include "mlgate/table.h"
#include "mlgate/text.h"

enum { MOST_ENTRIES = 100000, MOST_LINKS = 40 /* out of one directory into another */ };

static int no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory for what a command reads");
}

/* ---- walking ------------------------------------------------------------------------------------- */

/* A directory that is walked, and the one with the link that led there. */
struct level {
    const char *real,
        *prefix; /* where it lies; how it is called below the input, with '/' at the end, or "" */
    unsigned depth;
    const struct level *above;
};

struct walk {
    const struct mlg_world *world;
    const char *name;
    const struct mlg_texts *left_out;
    const struct mlg_input *before;
    struct mlg_arena *arena;
    struct mlg_input *input;
    struct mlg_error *error;
};

/* What git keeps of its own, in the directory itself or in one of a module below it. */
static bool is_of_git(const char *path)
{
    static const char name[] = ".git";
    const size_t size = sizeof name - 1;
    for (const char *part = path; part; part = strchr(part, '/') ? strchr(part, '/') + 1 : NULL)
        if (strncmp(part, name, size) == 0 && (part[size] == '/' || part[size] == '\0'))
            return true;
    return false;
}

/* Is it `directory`, or below it? */
static bool is_within(const char *path, const char *directory)
{
    const size_t size = strlen(directory);
    return strncmp(path, directory, size) == 0 &&
           (path[size] == '/' || !path[size] || (size > 0 && directory[size - 1] == '/'));
}

static bool is_left_out(const struct walk *walk, const char *path)
{
    for (size_t i = 0; walk->left_out && i < walk->left_out->count; i++)
        if (is_within(path, walk->left_out->items[i]))
            return true;
    return walk->left_out && is_of_git(path);
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct mlg_input_file *)a)->path, ((const struct mlg_input_file *)b)->path);
}

/* What was known of a path; NULL: nothing. */
static const struct mlg_input_file *find_known(const struct mlg_input *input, const char *path)
{
    const struct mlg_input_file key = {.path = path};
    return input && input->count ? bsearch(&key, input->files, input->count, sizeof key, by_path) : NULL;
}

bool mlg_input_looks_the_same(const struct mlg_entry *a, const struct mlg_entry *b)
{
    return a->kind == b->kind && a->size == b->size && a->modified == b->modified &&
           a->changed == b->changed && a->device == b->device && a->inode == b->inode;
}

static int digest_file(const struct walk *walk, const char *real, struct mlg_input_file *file)
{
    uint64_t size;
    const struct mlg_input_file *known = find_known(walk->before, file->path);
    if (known && mlg_input_looks_the_same(&known->seen, &file->seen) && file->seen.changed) {
        memcpy(file->sha256, known->sha256, sizeof file->sha256);
        return MLG_OK;
    }
    return mlg_file_digest(walk->world, real, file->sha256, &size, walk->error);
}

/* Adds what is at `real`; a file is read. */
static int add(const struct walk *walk, const char *path, const char *real, const struct mlg_entry *entry,
               const char *target)
{
    struct mlg_input *input = walk->input;
    struct mlg_input_file *files =
        mlg_arena_grow(walk->arena, input->files, &input->capacity, input->count + 1, sizeof *input->files);
    if (!files)
        return no_memory(walk->error);
    input->files = files;
    if (input->count >= MOST_ENTRIES)
        return mlg_error_set(walk->error, MLG_LIMIT, "the input '%s' holds more than %d files", walk->name,
                             (int)MOST_ENTRIES);
    struct mlg_input_file *file = &files[input->count++];
    *file = (struct mlg_input_file){.path = path, .seen = *entry, .target = target};
    return entry->kind == MLG_ENTRY_FILE ? digest_file(walk, real, file) : MLG_OK;
}

static int walk_directory(const struct walk *walk, const struct level *level);

/* A link at `path` below the input. */
static int add_link(const struct walk *walk, const struct level *level, const char *path, const char *place,
                    const struct mlg_entry *link)
{
    const struct mlg_runner *runner = walk->world->runner;
    struct mlg_error ignored;
    struct mlg_entry entry = {0};
    const char *real = runner->real_path(walk->world->self, place, walk->arena, &ignored);
    if (!real) /* it leads nowhere */
        return add(walk, path, place, link, NULL);
    const int code = runner->look(walk->world->self, real, &entry, walk->error);
    if (code != MLG_OK || entry.kind != MLG_ENTRY_DIRECTORY)
        return code != MLG_OK ? code : add(walk, path, real, &entry, NULL);
    if (is_within(real, level->real)) {
        const char *rest = real + strlen(level->real);
        const char *target =
            mlg_arena_format(walk->arena, "%s%s", level->prefix, rest + (rest[0] == '/' ? 1 : 0));
        return target ? add(walk, path, real, link, target) : no_memory(walk->error);
    }
    for (const struct level *above = level; above; above = above->above)
        if (is_within(above->real, real) || level->depth >= MOST_LINKS)
            return mlg_error_set(
                walk->error, MLG_DATA,
                "the input '%s' holds a link that leads to a directory in which it lies itself: "
                "'%s' leads to '%s'",
                walk->name, path, real);
    const struct level below = {.real = real,
                                .prefix = mlg_arena_format(walk->arena, "%s/", path),
                                .depth = level->depth + 1,
                                .above = level};
    const int added = below.prefix ? add(walk, path, real, &entry, NULL) : no_memory(walk->error);
    return added != MLG_OK ? added : walk_directory(walk, &below);
}

static int walk_directory(const struct walk *walk, const struct level *level)
{
    struct mlg_arena scratch;
    struct mlg_entries entries = {0};
    mlg_arena_init(&scratch, 0);
    int code = walk->world->runner->list(walk->world->self, level->real, MOST_ENTRIES, &scratch, &entries,
                                         walk->error);
    for (size_t i = 0; code == MLG_OK && i < entries.count; i++) {
        const struct mlg_entry *entry = &entries.items[i];
        if (mlg_path_is_compiled(entry->path))
            continue;
        const char *path = mlg_arena_format(walk->arena, "%s%s", level->prefix, entry->path);
        const char *real = mlg_arena_format(walk->arena, "%s/%s", level->real, entry->path);
        if (!path || !real)
            code = no_memory(walk->error);
        else if (is_left_out(walk, path))
            continue;
        else if (entry->kind == MLG_ENTRY_LINK)
            code = add_link(walk, level, path, real, entry);
        else
            code = add(walk, path, real, entry, NULL);
    }
    mlg_arena_free(&scratch);
    return code;
}

/* ---- digests ------------------------------------------------------------------------------------- */

static int conclude(const struct walk *walk)
{
    struct mlg_input *input = walk->input;
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    if (input->count > 1)
        qsort(input->files, input->count, sizeof *input->files, by_path);
    for (size_t i = 0; i < input->count; i++) {
        const struct mlg_input_file *file = &input->files[i];
        mlg_put_format(&text, "%s\n%d %s\n", file->path, (int)file->seen.kind,
                       file->target ? file->target : file->sha256);
    }
    if (!text.failed)
        mlg_sha256(text.data ? text.data : "", text.size, input->sha256);
    const int code = text.failed ? no_memory(walk->error) : MLG_OK;
    mlg_builder_free(&text);
    return code;
}

int mlg_input_digest(const struct mlg_world *world, const char *name, const char *path,
                     const struct mlg_texts *left_out, const struct mlg_input *before,
                     struct mlg_arena *arena, struct mlg_input *input, struct mlg_error *error)
{
    const struct walk walk = {.world = world,
                              .name = name,
                              .left_out = left_out,
                              .before = before,
                              .arena = arena,
                              .input = input,
                              .error = error};
    struct mlg_entry entry = {0};
    *input = (struct mlg_input){0};
    int code = world->runner->look(world->self, path, &entry, error);
    if (code == MLG_OK && entry.kind == MLG_ENTRY_MISSING)
        code = mlg_error_set(error, MLG_WORLD, "there is no '%s', which 'inputs' names%s", name,
                             strpbrk(name, "*?[") ? "; patterns stand for nothing there: name the directory"
                                                  : "");
    if (code != MLG_OK)
        return code;
    const char *real = world->runner->real_path(world->self, path, arena, error);
    if (!real)
        return error ? (int)error->code : MLG_WORLD;
    code = world->runner->look(world->self, real, &entry, error);
    if (code == MLG_OK && entry.kind == MLG_ENTRY_DIRECTORY) {
        const struct level level = {.real = real, .prefix = ""};
        code = walk_directory(&walk, &level);
        return code == MLG_OK ? conclude(&walk) : code;
    }
    if (code == MLG_OK && entry.kind != MLG_ENTRY_FILE)
        code = mlg_error_set(error, MLG_WORLD, "the input '%s' is neither a file nor a directory", name);
    if (code == MLG_OK)
        code = add(&walk, "", real, &entry, NULL);
    if (code == MLG_OK)
        memcpy(input->sha256, input->files[0].sha256, sizeof input->sha256);
    return code;
}

bool mlg_input_is_all(const char *name)
{
    return name[0] != '/' && name[strspn(name, "./")] == '\0';
}

/* Who locks what lies beside it leaves an empty file. */
static bool is_lock(const struct mlg_input_file *file)
{
    static const char ending[] = ".lock";
    const size_t size = strlen(file->path);
    return file->seen.kind == MLG_ENTRY_FILE && file->seen.size == 0 && size >= sizeof ending - 1 &&
           strcmp(file->path + size - (sizeof ending - 1), ending) == 0;
}

const char *mlg_input_difference(const struct mlg_input *before, const struct mlg_input *now, bool may_grow,
                                 struct mlg_arena *arena)
{
    if (strcmp(before->sha256, now->sha256) == 0)
        return NULL;
    bool has_grown = false;
    for (size_t i = 0, k = 0; i < before->count || k < now->count;) {
        const struct mlg_input_file *a = i < before->count ? &before->files[i] : NULL;
        const struct mlg_input_file *b = k < now->count ? &now->files[k] : NULL;
        const int order = !a ? 1 : !b ? -1 : strcmp(a->path, b->path);
        if (a && order < 0 && a->path[0])
            return mlg_arena_format(arena, "removed '%s' from", a->path);
        has_grown |= b && order > 0 && b->path[0];
        if (b && order > 0 && b->path[0] && !may_grow && !is_lock(b))
            return mlg_arena_format(arena, "added '%s' to", b->path);
        if (a && b && order == 0 && a->path[0] &&
            (a->seen.kind != b->seen.kind || strcmp(a->sha256, b->sha256) != 0 ||
             !mlg_text_equal(a->target ? a->target : "", b->target ? b->target : "")))
            return mlg_arena_format(arena, "changed '%s' in", a->path);
        i += order <= 0;
        k += order >= 0;
    }
    const bool was_file = before->count > 0 && !before->files[0].path[0];
    return has_grown && !was_file ? NULL : "changed";
}

/* ---- finding ------------------------------------------------------------------------------------- */

const struct mlg_input_file *mlg_input_with_content(const struct mlg_input *input, const char *sha256)
{
    for (size_t i = 0; i < input->count; i++)
        if (input->files[i].seen.kind == MLG_ENTRY_FILE && strcmp(input->files[i].sha256, sha256) == 0)
            return &input->files[i];
    return NULL;
}

const char *mlg_input_file_name(const char *name, const struct mlg_input_file *file, struct mlg_arena *arena)
{
    const char *below = mlg_input_is_all(name) ? "" : name;
    const size_t size = strlen(below);
    return !file->path[0] ? name
           : !below[0]
               ? file->path
               : mlg_arena_format(arena, "%s%s%s", below, below[size - 1] == '/' ? "" : "/", file->path);
}

/* ---- what is none of an input ---------------------------------------------------------------------- */

/* "./data//a/" as "data/a", the directory itself as ".". NULL: no memory. */
static const char *plain_path(const char *path, struct mlg_arena *arena)
{
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    for (const char *part = path; *part;) {
        const size_t size = strcspn(part, "/");
        if (size > 0 && !(size == 1 && part[0] == '.')) {
            mlg_put(&out, out.size ? "/" : "");
            mlg_put_bytes(&out, part, size);
        }
        part += size + (part[size] == '/');
    }
    const char *plain = out.failed ? NULL : out.size ? mlg_arena_copy(arena, out.data, out.size) : ".";
    mlg_builder_free(&out);
    return plain;
}

const struct mlg_texts *mlg_input_left_out(const struct mlg_world *world, const char *name, const char *base,
                                           const struct mlg_texts *written, struct mlg_arena *arena)
{
    struct mlg_error ignored;
    struct mlg_texts *below = MLG_NEW(arena, struct mlg_texts);
    const char **items = MLG_NEW_ARRAY(arena, const char *, written->count + 1);
    const char *plain = name[0] == '/' ? NULL : plain_path(name, arena);
    const char *real = name[0] == '/' ? world->runner->real_path(world->self, name, arena, &ignored)
                       : !plain       ? NULL
                       : strcmp(plain, ".") == 0 ? base
                                                 : mlg_arena_format(arena, "%s/%s", base, plain);
    if (!below || !items || (!real && name[0] != '/'))
        return NULL;
    *below = (struct mlg_texts){.items = items};
    const size_t size = real ? strlen(real) : 0;
    for (size_t i = 0; real && i < written->count; i++)
        if (is_within(written->items[i], real) && written->items[i][size] == '/')
            items[below->count++] = written->items[i] + size + 1;
    return below;
}

/* ---- placing ------------------------------------------------------------------------------------- */

static bool holds(const char *directory, const char *path)
{
    return strcmp(directory, ".") == 0 || is_within(path, directory);
}

int mlg_inputs_place(const struct mlg_world *world, const struct mlg_texts *inputs, const char *base,
                     const char *directory, bool backwards, struct mlg_arena *arena, struct mlg_error *error)
{
    const char **paths = MLG_NEW_ARRAY(arena, const char *, inputs->count + 1);
    int code = MLG_OK;
    if (!paths)
        return no_memory(error);
    for (size_t i = 0; i < inputs->count; i++) {
        /* An absolute path is read where it is. */
        paths[i] = inputs->items[i][0] == '/' ? "" : plain_path(inputs->items[i], arena);
        if (!paths[i])
            return no_memory(error);
    }
    for (size_t k = 0; code == MLG_OK && k < inputs->count; k++) {
        const size_t i = backwards ? inputs->count - 1 - k : k;
        bool is_held = !paths[i][0];
        for (size_t j = 0; j < inputs->count && !is_held; j++)
            is_held = j != i && paths[j][0] && holds(paths[j], paths[i]) &&
                      (j < i || strcmp(paths[i], paths[j]) != 0);
        if (is_held)
            continue;
        const bool is_all = strcmp(paths[i], ".") == 0;
        const char *from = mlg_arena_format(arena, "%s/%s", base, paths[i]);
        const char *to = is_all ? directory : mlg_arena_format(arena, "%s/%s", directory, paths[i]);
        code = from && to ? world->runner->place(world->self, from, to, MLG_PLACE_COPY, backwards, error)
                          : no_memory(error);
    }
    return code;
}
