/* stray.c: what a run leaves where later ones find it, in the directories that they share and, with
 * leftovers.c, elsewhere: they may only copy it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "rerun_private.h"

enum { MOST_WATCHED = 200000 };

static bool same_entry(const struct mlg_entry *a, const struct mlg_entry *b)
{
    return a->kind == b->kind && a->size == b->size &&
           (a->kind == MLG_ENTRY_DIRECTORY || a->modified == b->modified);
}

/* What an interpreter writes for itself, and what is ours. */
static bool is_expected(const struct mlg_rerun *rerun, const char *directory, const char *path)
{
    const size_t size = strlen(directory);
    const bool has_root = strncmp(rerun->root, directory, size) == 0 && rerun->root[size] == '/';
    const char *ours = has_root ? rerun->root + size + 1 : NULL;
    return mlg_path_is_compiled(path) || strncmp(path, ".git/", 5) == 0 ||
           (ours && strncmp(path, ours, strlen(ours)) == 0);
}

struct stray {
    const char *path; /* the first; NULL: none */
    bool is_gone;
    bool is_new;
    size_t count;
    const char *hidden; /* the first of another kind: below a directory whose name begins with a dot */
};

/* Tools keep their logs in such directories while a command runs, runners of pipelines among them. */
static bool is_in_hidden(const char *path)
{
    for (const char *part = path, *slash; (slash = strchr(part, '/')); part = slash + 1)
        if (part[0] == '.')
            return true;
    return false;
}

/* The directory itself, which is no more than what is in it. */
static bool is_hidden_directory(const struct mlg_entry *entry)
{
    const char *slash = strrchr(entry->path, '/'), *name = slash ? slash + 1 : entry->path;
    return entry->kind == MLG_ENTRY_DIRECTORY && name[0] == '.';
}

/* `then` and `now`: NULL where it was not there. */
static void add_stray(struct stray *stray, const struct mlg_entry *then, const struct mlg_entry *now)
{
    const struct mlg_entry *entry = now ? now : then;
    const char *path = entry->path;
    if (is_in_hidden(path) || is_hidden_directory(entry)) {
        stray->hidden = stray->hidden ? stray->hidden : path;
        return;
    }
    if (stray->count++ == 0) {
        stray->path = path;
        stray->is_gone = !now;
        stray->is_new = !then;
    }
}

/* What is new, changed or gone; a directory is no more than what is in it. */
static struct stray find_stray(const struct mlg_rerun *rerun, const char *directory,
                               const struct mlg_entries *before, const struct mlg_entries *after)
{
    struct stray stray = {0};
    size_t k = 0;
    for (size_t i = 0; i < after->count || k < before->count;) {
        const struct mlg_entry *now = i < after->count ? &after->items[i] : NULL;
        const struct mlg_entry *then = k < before->count ? &before->items[k] : NULL;
        const int order = !now ? 1 : !then ? -1 : strcmp(now->path, then->path);
        const struct mlg_entry *entry = order > 0 ? then : now;
        if (entry && (order != 0 || !same_entry(then, now)) && !is_expected(rerun, directory, entry->path))
            add_stray(&stray, order < 0 ? NULL : then, order > 0 ? NULL : now);
        i += order <= 0;
        k += order >= 0;
    }
    return stray;
}

static void look_around(const struct mlg_rerun *rerun, struct mlg_watch *watch, struct mlg_entries *entries)
{
    struct mlg_error error = {0};
    *entries = (struct mlg_entries){0};
    const int code = rerun->runner->list(rerun->world->self, watch->directory, MOST_WATCHED, rerun->arena,
                                         entries, &error);
    watch->is_too_large = watch->is_too_large || code == MLG_LIMIT;
    if (code != MLG_OK)
        watch->problem = mlg_arena_copy(rerun->arena, error.text, strlen(error.text));
}

/* The directory that it runs in and that of mlgate.yaml; one of them where it holds the other. */
static size_t choose_watched(const struct mlg_rerun *rerun, const char *directory,
                             struct mlg_watch watched[2])
{
    static const char here[] = "the directory that it runs in", base[] = "the directory of mlgate.yaml";
    struct mlg_error ignored = {0};
    const char *real = rerun->runner->real_path(rerun->world->self, directory, rerun->arena, &ignored);
    size_t count = 0;
    directory = real ? real : directory;
    if (strcmp(directory, rerun->base) == 0 || !mlg_path_is_below(directory, rerun->base))
        watched[count++] = (struct mlg_watch){.directory = directory, .called = here};
    if (!mlg_path_is_below(rerun->base, directory))
        watched[count++] = (struct mlg_watch){.directory = rerun->base, .called = base};
    return count;
}

static void tell_stray(const struct mlg_rerun *rerun, struct mlg_watch *watch, struct mlg_rerun_run *run)
{
    look_around(rerun, watch, &watch->after);
    if (watch->problem) {
        run->unwatched = watch->problem;
        return;
    }
    const struct stray stray = find_stray(rerun, watch->directory, &watch->before, &watch->after);
    if (stray.hidden && !run->unwatched)
        run->unwatched =
            mlg_arena_format(rerun->arena, "'%s' changed below %s meanwhile, by it or by another process",
                             stray.hidden, watch->called);
    if (!stray.path || run->stray)
        return;
    const char *more =
        stray.count > 1 ? mlg_arena_format(rerun->arena, " and %zu more", stray.count - 1) : "";
    run->stray = mlg_arena_format(rerun->arena, "%s '%s'%s %s %s", stray.is_gone ? "removed" : "wrote",
                                  stray.path, more ? more : "", stray.is_gone ? "from" : "to", watch->called);
    run->stray_stays = stray.is_new;
}

static int refuse_watching(const struct mlg_rerun *rerun, const struct mlg_watch *watch,
                           struct mlg_error *error)
{
    return mlg_error_set(
        error, MLG_LIMIT,
        "%s holds more than %d files, too many to see whether a run leaves something there that later runs "
        "find; list what it reads in 'inputs'%s: each run has a fresh directory then",
        watch->called, (int)MOST_WATCHED, rerun->order->workdir ? ", and leave 'workdir' out" : "");
}

int mlg_rerun_watch(const struct mlg_rerun *rerun, const char *directory, struct mlg_watched *watched,
                    struct mlg_error *error)
{
    watched->count = choose_watched(rerun, directory, watched->items);
    for (size_t i = 0; i < watched->count; i++) {
        struct mlg_watch *watch = &watched->items[i];
        look_around(rerun, watch, &watch->before);
        if (watch->is_too_large)
            return refuse_watching(rerun, watch, error);
    }
    return MLG_OK;
}

int mlg_rerun_find_stray(const struct mlg_rerun *rerun, struct mlg_watched *watched,
                         struct mlg_rerun_run *run, struct mlg_error *error)
{
    for (size_t i = 0; i < watched->count; i++) {
        struct mlg_watch *watch = &watched->items[i];
        tell_stray(rerun, watch, run);
        if (watch->is_too_large)
            return refuse_watching(rerun, watch, error);
    }
    return MLG_OK;
}

int mlg_rerun_refuse_stray(const struct mlg_rerun *rerun, const struct mlg_rerun_run *run,
                           struct mlg_error *error)
{
    return mlg_error_set(
        error, MLG_DATA,
        "run %u, or something else meanwhile, %s, which later runs share: they may only copy what they find "
        "there; %s%s: each run has a fresh directory then",
        run->number, run->stray,
        run->stray_stays ? "remove what it left, which the next time passes for what was there before, and "
                         : "",
        rerun->order->workdir ? "list what it reads in 'inputs', and leave 'workdir' out"
                              : "list what it reads in 'inputs'");
}

struct mlg_leftovers_of mlg_rerun_leftovers_of(const struct mlg_rerun *rerun)
{
    const char *workdir = rerun->order->workdir;
    workdir = workdir ? mlg_rerun_within(rerun->base, workdir, rerun->arena) : NULL;
    return (struct mlg_leftovers_of){.world = rerun->world,
                                     .order = rerun->order,
                                     .base = rerun->base,
                                     .root = rerun->root,
                                     .directory = workdir ? workdir : rerun->base,
                                     .environment = rerun->common.environment,
                                     .inputs = rerun->inputs,
                                     .is_fresh = rerun->is_fresh,
                                     .begun = rerun->begun,
                                     .earlier = rerun->earlier};
}

int mlg_rerun_find_left(struct mlg_rerun *rerun, struct mlg_error *error)
{
    const struct mlg_leftovers_of of = mlg_rerun_leftovers_of(rerun);
    return mlg_leftovers_find(&of, rerun->arena, &rerun->left, error);
}
