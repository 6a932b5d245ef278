/* rerun.c: a series of runs, begun, made one after the other, and ended. What each of them takes stands in
 * the files that rerun_private.h names.
 */
#include <string.h>

#include "rerun_private.h"

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
    if (code == MLG_OK)
        code = mlg_rerun_find_memory(rerun, error);
    if (order->vary & mlg_variation_of("time"))
        rerun->means.time_problem = mlg_rerun_no_preload(rerun);
    rerun->possible = mlg_rerun_find_possible(rerun);
    return code == MLG_OK ? mlg_rerun_decide_at_once(rerun, error) : code;
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
    if (code == MLG_OK)
        return mlg_rerun_check_originals(rerun, error);
    if (!time || rerun->count != 1 || !*out || (*out)->outcome.end != MLG_COMMAND_EXITED ||
        !(*out)->has_failed)
        return code;
    /* Some commands fail under libfaketime and nowhere else, or a step of them, whose output is missing then:
     * sleeping does in Python from 3.11 on. */
    struct mlg_error again;
    struct mlg_rerun_run *second = NULL;
    if (clear_away(rerun, &again) != MLG_OK)
        return code;
    rerun->possible &= ~time;
    rerun->earlier->count = 0;
    if (mlg_rerun_make_alone(rerun, 1, &plan, &second, &again) != MLG_OK) {
        rerun->possible |= time;
        return code;
    }
    rerun->means.time_problem = (*out)->outcome.code == 0
                                    ? "under libfaketime alone the command does not write its outputs"
                                    : "the command fails under libfaketime and not without it";
    *out = second;
    rerun->not_before = mlg_rerun_begin_others(second);
    return mlg_rerun_check_originals(rerun, error);
}

struct mlg_rerun_view mlg_rerun_look(const struct mlg_rerun *rerun)
{
    return (struct mlg_rerun_view){.order = rerun->order,
                                   .base = rerun->base,
                                   .root = rerun->root,
                                   .environment = rerun->common.environment,
                                   .left_out = rerun->left_out};
}

void mlg_rerun_end(struct mlg_rerun *rerun)
{
    if (!rerun)
        return;
    rerun->runner->remove_directory(rerun->world->self, rerun->root, NULL);
    if (rerun->in_memory)
        rerun->runner->remove_directory(rerun->world->self, rerun->in_memory, NULL);
    if (!rerun->runner->release)
        return;
    rerun->runner->release(rerun->world->self, rerun->guard);
    rerun->runner->release(rerun->world->self, rerun->memory_guard);
}
