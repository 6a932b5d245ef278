/* rerun.c: runs one after the other or some at a time, each in directories of its own. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/content.h"
#include "mlgate/parallel.h"
#include "mlgate/table.h"
#include "mlgate/text.h"
#include "placeholders.h"
#include "rerun_private.h"

enum {
    SKIPPED = 3 /* numbers of processes that a run leaves out, more than the one before */
};

/* ---- begin --------------------------------------------------------------------------------------- */

/* The place for the runs: the one that is wished for, if it is free. */
static const char *make_root(const struct mlg_rerun *rerun, struct mlg_error *error)
{
    const char *wish = rerun->order->root, *slash = wish ? strrchr(wish, '/') : NULL, *made = NULL;
    struct mlg_error ignored = {0};
    if (slash > wish && wish[0] == '/' && slash[1] && strcmp(slash, "/..") != 0) {
        const char *above = mlg_arena_copy(rerun->arena, wish, (size_t)(slash - wish));
        made = above ? rerun->runner->make_directory(rerun->world->self, above, slash + 1, rerun->arena,
                                                     &ignored)
                     : NULL;
    }
    return made ? made : rerun->runner->make_directory(rerun->world->self, NULL, NULL, rerun->arena, error);
}

int mlg_rerun_begin(const struct mlg_world *world, const struct mlg_rerun_order *order,
                    struct mlg_arena *arena, struct mlg_rerun **out, struct mlg_error *error)
{
    struct mlg_rerun *rerun = MLG_NEW(arena, struct mlg_rerun);
    *out = NULL;
    if (!rerun)
        return mlg_rerun_no_memory(error);
    if (!world->runner)
        return mlg_error_set(error, MLG_WORLD, "commands cannot be run here");
    *rerun = (struct mlg_rerun){.world = world, .runner = world->runner, .order = order, .arena = arena};
    rerun->base = rerun->runner->real_path(world->self, order->base, arena, error);
    if (!rerun->base)
        return error ? (int)error->code : MLG_WORLD;
    rerun->is_fresh = order->inputs.count > 0 && !order->workdir;
    rerun->root = make_root(rerun, error);
    if (!rerun->root)
        return error ? (int)error->code : MLG_WORLD;
    *out = rerun;
    struct mlg_entry fresh = {0};
    rerun->earlier = MLG_NEW(arena, struct mlg_earlier);
    if (!rerun->earlier)
        return mlg_rerun_no_memory(error);
    int code = rerun->runner->look(world->self, rerun->root, &fresh, error);
    if (code != MLG_OK)
        return code;
    rerun->begun = fresh.changed;
    if (rerun->runner->guard)
        rerun->guard = rerun->runner->guard(world->self, rerun->root, arena);
    const char *own = mlg_arena_format(arena, "%s/own", rerun->root);
    rerun->common = (struct mlg_run_surroundings){.pinned = order->environment,
                                                  .own = own,
                                                  .directory = mlg_arena_format(arena, "%s/run", rerun->root),
                                                  .settings = {.umask = -1}};
    rerun->kept = rerun->runner->make_directory(world->self, rerun->root, NULL, arena, error);
    if (!rerun->kept)
        return error ? (int)error->code : MLG_WORLD;
    if (!own || !rerun->common.directory || !mlg_rerun_make_environment(rerun, own))
        return mlg_rerun_no_memory(error);
    code = rerun->runner->find_means(world->self, rerun->root, arena, &rerun->means, error);
    if (code == MLG_OK)
        code = mlg_rerun_check_places(rerun, error);
    if (code == MLG_OK)
        code = mlg_rerun_digest_inputs(rerun, error);
    rerun->possible = mlg_rerun_find_possible(rerun);
    return code == MLG_OK ? mlg_rerun_decide_at_once(rerun, error) : code;
}

/* ---- one run ------------------------------------------------------------------------------------- */

static const char *const *make_arguments(const struct mlg_rerun *rerun, const struct mlg_placeholders *values)
{
    const struct mlg_rerun_order *order = rerun->order;
    const size_t count = order->shell ? 3 : order->arguments.count;
    const char **arguments = MLG_NEW_ARRAY(rerun->arena, const char *, count + 1);
    if (!arguments)
        return NULL;
    if (order->shell) {
        arguments[0] = "/bin/sh";
        arguments[1] = "-c";
        arguments[2] = mlg_placeholders_fill(order->shell, true, values, rerun->arena);
        return arguments[2] ? arguments : NULL;
    }
    for (size_t i = 0; i < count; i++)
        if (!(arguments[i] = mlg_placeholders_fill(order->arguments.items[i], false, values, rerun->arena)))
            return NULL;
    return arguments;
}

/* ---- what a run leaves where others find it ------------------------------------------------------- */

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
    return mlg_input_is_compiled(path) || strncmp(path, ".git/", 5) == 0 ||
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

enum { MOST_WATCHED = 200000 };

/* A directory that later runs share, before and after the first run. */
struct watch {
    const char *directory, *called;
    struct mlg_entries before, after;
    bool is_too_large;
    const char *problem;
};

static void look_around(const struct mlg_rerun *rerun, struct watch *watch, struct mlg_entries *entries)
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
static size_t choose_watched(const struct mlg_rerun *rerun, const char *directory, struct watch watched[2])
{
    static const char here[] = "the directory that it runs in", base[] = "the directory of mlgate.yaml";
    struct mlg_error ignored = {0};
    const char *real = rerun->runner->real_path(rerun->world->self, directory, rerun->arena, &ignored);
    size_t count = 0;
    directory = real ? real : directory;
    if (strcmp(directory, rerun->base) == 0 || !mlg_path_is_below(directory, rerun->base))
        watched[count++] = (struct watch){.directory = directory, .called = here};
    if (!mlg_path_is_below(rerun->base, directory))
        watched[count++] = (struct watch){.directory = rerun->base, .called = base};
    return count;
}

static void tell_stray(const struct mlg_rerun *rerun, struct watch *watch, struct mlg_rerun_run *run)
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

static int refuse_watching(const struct mlg_rerun *rerun, const struct watch *watch, struct mlg_error *error)
{
    return mlg_error_set(
        error, MLG_LIMIT,
        "%s holds more than %d files, too many to see whether a run leaves something there that later runs "
        "find; list what it reads in 'inputs'%s: each run has a fresh directory then",
        watch->called, (int)MOST_WATCHED, rerun->order->workdir ? ", and leave 'workdir' out" : "");
}

static struct mlg_leftovers_of leftovers_of(const struct mlg_rerun *rerun)
{
    return (struct mlg_leftovers_of){.world = rerun->world,
                                     .order = rerun->order,
                                     .base = rerun->base,
                                     .root = rerun->root,
                                     .inputs = rerun->inputs,
                                     .is_fresh = rerun->is_fresh,
                                     .begun = rerun->begun,
                                     .earlier = rerun->earlier};
}

/* What earlier runs left for the next ones. */
static int find_left(struct mlg_rerun *rerun, struct mlg_error *error)
{
    const struct mlg_leftovers_of of = leftovers_of(rerun);
    rerun->left = (struct mlg_leftovers){.count = 0};
    return rerun->earlier->count > 0 ? mlg_leftovers_find(&of, rerun->arena, &rerun->left, error) : MLG_OK;
}

/* Runs the command in directories that are there. */
static int run_command(const struct mlg_rerun *rerun, const struct mlg_run_surroundings *made,
                       const char *output, struct mlg_rerun_run *run, struct mlg_error *error)
{
    const struct mlg_rerun_order *order = rerun->order;
    struct mlg_placeholders values = {.output = output, .seed = run->seed};
    const char *directory = rerun->is_fresh  ? made->directory
                            : order->workdir ? mlg_rerun_within(rerun->base, order->workdir, rerun->arena)
                                             : rerun->base;
    values.input = rerun->is_fresh ? made->directory : rerun->base;
    snprintf(values.number, sizeof values.number, "%u", run->number);
    struct mlg_command_order command = {.arguments = make_arguments(rerun, &values),
                                        .directory = directory,
                                        .environment = made->environment,
                                        .temporary = rerun->root,
                                        .hidden = rerun->apart ? NULL : rerun->kept,
                                        .skipped = SKIPPED * (run->number - 1),
                                        .not_before =
                                            mlg_rerun_has_own_time(rerun, made) ? 0 : rerun->not_before,
                                        .shown_from = rerun->apart,
                                        .shown_at = rerun->apart ? rerun->root : NULL,
                                        .isolation = mlg_rerun_isolation(order),
                                        .limits = {.timeout = order->timeout, .memory = order->memory},
                                        .settings = made->settings};
    if (!command.arguments || !directory)
        return mlg_rerun_no_memory(error);
    command.own_shared_memory = mlg_rerun_may_empty_shared_memory(rerun, directory, &command);
    struct watch watched[2];
    const bool is_looked_at = !rerun->is_fresh && run->number == 1 && rerun->runner->list;
    const size_t count = is_looked_at ? choose_watched(rerun, directory, watched) : 0;
    for (size_t i = 0; i < count; i++) {
        look_around(rerun, &watched[i], &watched[i].before);
        if (watched[i].is_too_large)
            return refuse_watching(rerun, &watched[i], error);
    }
    command.watched = rerun->left.paths;
    int code = rerun->runner->run(rerun->world->self, &command, rerun->arena, &run->outcome, error);
    run->unseen = rerun->left.unseen ? rerun->left.unseen : run->outcome.unwatched;
    for (size_t i = 0; code == MLG_OK && i < count; i++) {
        tell_stray(rerun, &watched[i], run);
        if (watched[i].is_too_large)
            code = refuse_watching(rerun, &watched[i], error);
    }
    if (code == MLG_OK)
        code = mlg_rerun_check_ending(rerun, &command, run, error);
    const struct mlg_leftovers_of of = leftovers_of(rerun);
    return code == MLG_OK ? mlg_leftovers_check(&of, &rerun->left, &command, &run->outcome, run->number,
                                                rerun->arena, &run->unseen, error)
                          : code;
}

/* When runs are to begin after one that ended so, that a clock which counts seconds tells another time: in a
 * later second than that in which it ended, or a whole second after it began, whichever comes first. */
static int64_t begin_others(const struct mlg_rerun_run *first)
{
    static const int64_t second = 1000000000, margin = 20000000; /* coarse clocks lag by a tick */
    const int64_t begun = first ? first->outcome.begun : 0;
    if (begun == 0)
        return 0;
    const int64_t ended = begun + (int64_t)(first->outcome.seconds * (double)second);
    const int64_t next = (ended / second + 1) * second;
    return (next < begun + second ? next : begun + second) + margin;
}

/* As above where the first run begins now, and nobody knows how long it takes. */
static int64_t begin_beside(const struct mlg_rerun *rerun)
{
    return (rerun->world->unix_time(rerun->world->self) + 2) * 1000000000;
}

static int make_run(const struct mlg_rerun *rerun, unsigned number, const struct mlg_rerun_plan *plan,
                    struct mlg_rerun_run **out, struct mlg_error *error)
{
    const struct mlg_runner *runner = rerun->runner;
    void *self = rerun->world->self;
    struct mlg_rerun_run *run = MLG_NEW(rerun->arena, struct mlg_rerun_run);
    struct mlg_run_surroundings made = rerun->common;
    if (!run)
        return mlg_rerun_no_memory(error);
    *out = run;
    *run = (struct mlg_rerun_run){.number = number,
                                  .seed = plan->seed,
                                  .varied = plan->varied,
                                  .at_once = rerun->apart ? rerun->at_once : 1};
    int code = mlg_variation_apply(rerun->possible, plan->varied, &rerun->means, &made, rerun->arena, error);
    run->environment = made.environment;
    if (code == MLG_OK)
        code = mlg_rerun_make_own(rerun, error);
    if (code != MLG_OK)
        return code;
    const char *directory = runner->make_directory(self, rerun->apart ? rerun->apart : rerun->root,
                                                   strrchr(made.directory, '/') + 1, rerun->arena, error);
    if (!directory)
        return error ? (int)error->code : MLG_WORLD;
    struct mlg_entry fresh = {0}; /* by the clock of the disk, which may be another machine's */
    code = runner->look(self, directory, &fresh, error);
    run->began = fresh.changed;
    if (code == MLG_OK)
        code = rerun->is_fresh ? mlg_inputs_place(rerun->world, &rerun->order->inputs, rerun->base, directory,
                                                  made.inputs_are_backwards, rerun->arena, error)
                               : MLG_OK;
    if (code == MLG_OK && !runner->make_directory(self, directory, "output", rerun->arena, error))
        code = error ? (int)error->code : MLG_WORLD;
    const char *output = mlg_arena_format(rerun->arena, "%s/output", made.directory);
    if (code == MLG_OK && !output)
        code = mlg_rerun_no_memory(error);
    if (code == MLG_OK)
        code = run_command(rerun, &made, output, run, error);
    if (code == MLG_OK)
        code = mlg_rerun_check_inputs(rerun, directory, run->number, error);
    if (code == MLG_OK && run->stray)
        code = mlg_error_set(
            error, MLG_DATA,
            "run %u, or something else meanwhile, %s, which later runs share: they may only copy what they "
            "find there; %s%s: each run has "
            "a "
            "fresh directory then",
            run->number, run->stray,
            run->stray_stays
                ? "remove what it left, which the next time passes for what was there before, and "
                : "",
            rerun->order->workdir ? "list what it reads in 'inputs', and leave 'workdir' out"
                                  : "list what it reads in 'inputs'");
    const char *kept = mlg_arena_format(rerun->arena, "%s/%u", rerun->kept, run->number);
    if (!kept)
        return mlg_rerun_no_memory(error);
    if (code == MLG_OK)
        code = runner->move(self, directory, kept, error);
    if (code == MLG_OK)
        code = mlg_rerun_find_outputs(rerun, kept, fresh.modified, run, error);
    if (code == MLG_OK)
        code = runner->remove_directory(self, rerun->apart ? rerun->apart : made.own, error);
    if (run->has_failed) { /* others may be made to find out why */
        runner->remove_directory(self, directory, NULL);
        runner->remove_directory(self, rerun->apart ? rerun->apart : made.own, NULL);
    }
    return code;
}

/* A run that none goes beside: it is watched for what all before it left. */
static int make_alone(struct mlg_rerun *rerun, unsigned number, const struct mlg_rerun_plan *plan,
                      struct mlg_rerun_run **out, struct mlg_error *error)
{
    int code = find_left(rerun, error);
    if (code == MLG_OK)
        code = make_run(rerun, number, plan, out, error);
    if (*out && !mlg_earlier_add(rerun->earlier, *out, rerun->arena))
        code = mlg_rerun_no_memory(error);
    return code;
}

/* What a first run that failed has left, so that it can be made again. */
static int clear_away(const struct mlg_rerun *rerun, struct mlg_error *error)
{
    const char *const names[] = {rerun->common.own, rerun->common.directory,
                                 mlg_arena_format(rerun->arena, "%s/1", rerun->kept)};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct mlg_entry entry = {0};
        int code = names[i] ? rerun->runner->look(rerun->world->self, names[i], &entry, error) : MLG_LIMIT;
        if (code == MLG_OK && entry.kind != MLG_ENTRY_MISSING)
            code = rerun->runner->remove_directory(rerun->world->self, names[i], error);
        if (code != MLG_OK)
            return code;
    }
    return MLG_OK;
}

int mlg_rerun_run(struct mlg_rerun *rerun, mlg_variation_set varied, const char *seed,
                  struct mlg_rerun_run **out, struct mlg_error *error)
{
    const mlg_variation_set time = mlg_variation_of("time") & rerun->possible;
    const struct mlg_rerun_plan plan = {varied, seed};
    *out = NULL;
    const int code = make_alone(rerun, ++rerun->count, &plan, out, error);
    if (code == MLG_OK && rerun->count == 1)
        rerun->not_before = begin_others(*out);
    if (code == MLG_OK || !time || rerun->count != 1 || !*out || (*out)->outcome.end != MLG_COMMAND_EXITED ||
        (*out)->outcome.code == 0)
        return code;
    /* Some commands fail under libfaketime and nowhere else: sleeping does in Python from 3.11 on. */
    struct mlg_error again;
    struct mlg_rerun_run *second = NULL;
    if (clear_away(rerun, &again) != MLG_OK)
        return code;
    rerun->possible &= ~time;
    rerun->earlier->count = 0;
    rerun->fails_in_time = make_alone(rerun, 1, &plan, &second, &again) == MLG_OK;
    if (!rerun->fails_in_time) {
        rerun->possible |= time;
        return code;
    }
    *out = second;
    rerun->not_before = begin_others(second);
    return MLG_OK;
}

/* ---- several runs ---------------------------------------------------------------------------------- */

/* What became of each run, in the order of plans. */
struct runs {
    const struct mlg_rerun *rerun;
    const struct mlg_rerun_plan *plans;
    struct mlg_rerun_run **made;
    unsigned at_once;
    int64_t not_before; /* when all but the first run of all begin */
    struct one_run {
        struct mlg_arena arena;
        struct mlg_error error;
        int code;
    } * items;
    atomic_size_t failed; /* the first of those that failed so far */
};

static void make_one(void *context, size_t index)
{
    struct runs *runs = context;
    struct one_run *item = &runs->items[index];
    if (index > atomic_load(&runs->failed))
        return; /* nobody would look at it */
    struct mlg_rerun own = *runs->rerun;
    own.at_once = runs->at_once;
    const unsigned number = own.count + 1 + (unsigned)index;
    own.arena = &item->arena;
    if (own.at_once > 1) {
        char name[32];
        snprintf(name, sizeof name, "apart-%u", number);
        own.apart = own.runner->make_directory(own.world->self, own.root, name, own.arena, &item->error);
        /* What a run that goes alone finds beside its directory, which is hidden there. */
        if (!own.apart || !own.runner->make_directory(own.world->self, own.apart,
                                                      mlg_rerun_last_part(own.kept), own.arena, &item->error))
            item->code = (int)item->error.code;
    }
    own.not_before = number > 1 ? runs->not_before : 0;
    if (item->code == MLG_OK)
        item->code = own.at_once > 1
                         ? make_run(&own, number, &runs->plans[index], &runs->made[index], &item->error)
                         : make_alone(&own, number, &runs->plans[index], &runs->made[index], &item->error);
    if (item->code == MLG_OK && number == 1 && own.at_once == 1)
        runs->not_before = begin_others(runs->made[index]);
    size_t first = atomic_load(&runs->failed);
    while (item->code != MLG_OK && index < first &&
           !atomic_compare_exchange_weak(&runs->failed, &first, index))
        continue;
}

/* Whether runs that went at a time left something outside that another of them can have read. */
static int check_beside(struct mlg_rerun *rerun, struct mlg_rerun_run *const *made, struct mlg_error *error)
{
    const int code = find_left(rerun, error);
    const struct mlg_leftovers_of of = leftovers_of(rerun);
    return code == MLG_OK ? mlg_leftovers_check_beside(&of, &rerun->left, made, rerun->arena, error) : code;
}

int mlg_rerun_runs(struct mlg_rerun *rerun, const struct mlg_rerun_plan *plans, size_t count,
                   struct mlg_rerun_run **made, size_t *made_count, struct mlg_error *error)
{
    struct runs runs = {.rerun = rerun,
                        .plans = plans,
                        .made = made,
                        .at_once = rerun->at_once < count ? rerun->at_once : (unsigned)count,
                        .items = MLG_NEW_ARRAY(rerun->arena, struct one_run, count + 1)};
    *made_count = 0;
    if (!runs.items)
        return mlg_rerun_no_memory(error);
    const struct mlg_arena *arena = rerun->arena;
    for (size_t i = 0; i < count && arena->maximum; i++)
        mlg_arena_init(&runs.items[i].arena, arena->maximum > arena->used ? arena->maximum - arena->used : 1);
    atomic_init(&runs.failed, count);
    runs.not_before = rerun->not_before;
    if (runs.at_once > 1 && rerun->count == 0) /* nobody knows yet how long the first one takes */
        runs.not_before = begin_beside(rerun);
    bool has_memory = true;
    const int code = runs.at_once > 1 ? find_left(rerun, error) : MLG_OK;
    if (code != MLG_OK)
        return code;
    mlg_parallel(runs.at_once, count, make_one, &runs);
    for (size_t i = 0; i < count; i++) {
        mlg_arena_adopt(rerun->arena, &runs.items[i].arena);
        if (runs.at_once > 1 && made[i])
            has_memory = mlg_earlier_add(rerun->earlier, made[i], rerun->arena) && has_memory;
    }
    if (!has_memory)
        return mlg_rerun_no_memory(error);
    const size_t failed = atomic_load(&runs.failed);
    const int shared =
        failed == count && count > 1 && runs.at_once > 1 ? check_beside(rerun, made, error) : MLG_OK;
    rerun->left = (struct mlg_leftovers){.count = 0};
    rerun->count += (unsigned)count;
    rerun->not_before = runs.not_before;
    *made_count = failed;
    if (failed == count)
        return shared;
    if (error)
        *error = runs.items[failed].error;
    return runs.items[failed].code;
}

struct mlg_rerun_view mlg_rerun_look(const struct mlg_rerun *rerun)
{
    return (struct mlg_rerun_view){
        .order = rerun->order, .base = rerun->base, .root = rerun->root, .left_out = rerun->left_out};
}

void mlg_rerun_end(struct mlg_rerun *rerun)
{
    if (!rerun)
        return;
    rerun->runner->remove_directory(rerun->world->self, rerun->root, NULL);
    if (rerun->runner->release)
        rerun->runner->release(rerun->world->self, rerun->guard);
}
