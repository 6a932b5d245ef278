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

/* ---- what a run leaves where others find it ------------------------------------------------------- */

/* As above where the first run begins now, and nobody knows how long it takes. */
static int64_t begin_beside(const struct mlg_rerun *rerun)
{
    return (rerun->world->unix_time(rerun->world->self) + 2) * 1000000000;
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
    const int code = mlg_rerun_make_alone(rerun, ++rerun->count, &plan, out, error);
    if (code == MLG_OK && rerun->count == 1)
        rerun->not_before = mlg_rerun_begin_others(*out);
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
    rerun->fails_in_time = mlg_rerun_make_alone(rerun, 1, &plan, &second, &again) == MLG_OK;
    if (!rerun->fails_in_time) {
        rerun->possible |= time;
        return code;
    }
    *out = second;
    rerun->not_before = mlg_rerun_begin_others(second);
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
        item->code =
            own.at_once > 1
                ? mlg_rerun_make_run(&own, number, &runs->plans[index], &runs->made[index], &item->error)
                : mlg_rerun_make_alone(&own, number, &runs->plans[index], &runs->made[index], &item->error);
    if (item->code == MLG_OK && number == 1 && own.at_once == 1)
        runs->not_before = mlg_rerun_begin_others(runs->made[index]);
    size_t first = atomic_load(&runs->failed);
    while (item->code != MLG_OK && index < first &&
           !atomic_compare_exchange_weak(&runs->failed, &first, index))
        continue;
}

/* Whether runs that went at a time left something outside that another of them can have read. */
static int check_beside(struct mlg_rerun *rerun, struct mlg_rerun_run *const *made, struct mlg_error *error)
{
    const int code = mlg_rerun_find_left(rerun, error);
    const struct mlg_leftovers_of of = mlg_rerun_leftovers_of(rerun);
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
    const int code = runs.at_once > 1 ? mlg_rerun_find_left(rerun, error) : MLG_OK;
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
