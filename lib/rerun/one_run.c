/* one_run.c: one run, from the fresh directory that it is given to the outputs that are kept of it. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "placeholders.h"
#include "rerun_private.h"

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

/* Variables of the run, with placeholders filled in where the user set them; what is inherited stays as it
 * is. NULL: no memory. */
static const char *const *fill_environment(const struct mlg_rerun *rerun, const char *const *environment,
                                           const struct mlg_placeholders *values)
{
    const struct mlg_map *set = rerun->order->environment;
    for (size_t i = 0; environment && set && i < set->count; i++) {
        if (!set->values[i] || !strchr(set->values[i], '{'))
            continue;
        const char *filled = mlg_placeholders_fill(set->values[i], false, values, rerun->arena);
        environment = filled ? mlg_command_with(environment, set->keys[i], filled, rerun->arena) : NULL;
    }
    return environment;
}

/* "repro: run 3 (looking for a cause)"; NULL: nothing. */
static const char *tell_about(const struct mlg_rerun *rerun, unsigned number)
{
    const struct mlg_rerun_order *order = rerun->order;
    return !order->name ? NULL
           : number > order->wanted
               ? mlg_arena_format(rerun->arena, "%s: run %u (looking for a cause)", order->name, number)
               : mlg_arena_format(rerun->arena, "%s: run %u of %zu", order->name, number, order->wanted);
}

/* Is more watched than the originals of inputs? They come last. */
static bool watches_left(const struct mlg_rerun *rerun)
{
    return rerun->left.count > 0 && !rerun->left.items[0].original;
}

/* Runs the command in directories that are there. */
static int run_command(const struct mlg_rerun *rerun, const struct mlg_run_surroundings *made,
                       const struct mlg_laid *laid, const char *output, struct mlg_rerun_run *run,
                       struct mlg_error *error)
{
    enum { SKIPPED = 3 }; /* numbers of processes that a run leaves out, more than the one before */
    const struct mlg_rerun_order *order = rerun->order;
    struct mlg_placeholders values = {.output = output, .seed = run->seed};
    const char *directory = rerun->is_fresh  ? made->directory
                            : order->workdir ? mlg_rerun_within(rerun->base, order->workdir, rerun->arena)
                                             : rerun->base;
    values.input = rerun->is_fresh ? made->directory : rerun->base;
    snprintf(values.number, sizeof values.number, "%u", run->number);
    run->environment = fill_environment(rerun, made->environment, &values);
    struct mlg_command_order command = {.about = tell_about(rerun, run->number),
                                        .arguments = make_arguments(rerun, &values),
                                        .directory = directory,
                                        .environment = run->environment,
                                        .temporary = rerun->root,
                                        .hidden = rerun->apart ? NULL : rerun->kept,
                                        .skipped = SKIPPED * (run->number - 1),
                                        .not_before =
                                            mlg_rerun_has_own_time(rerun, made) ? 0 : rerun->not_before,
                                        .shown_from = rerun->apart,
                                        .shown_at = rerun->apart ? rerun->root : NULL,
                                        .laid = laid,
                                        .laid_count = laid ? rerun->in_memory_names.count : 0,
                                        .isolation = mlg_rerun_isolation(order),
                                        .limits = {.timeout = order->timeout, .memory = order->memory},
                                        .settings = made->settings};
    if (!command.arguments || !directory || !command.environment)
        return mlg_rerun_no_memory(error);
    command.own_shared_memory = mlg_rerun_may_empty_shared_memory(rerun, directory, &command);
    struct mlg_watched watched = {.count = 0};
    const bool is_looked_at = !rerun->is_fresh && run->number == 1 && rerun->runner->list;
    int code = is_looked_at ? mlg_rerun_watch(rerun, directory, &watched, error) : MLG_OK;
    if (code != MLG_OK)
        return code;
    command.watched = rerun->left.paths;
    code = rerun->runner->run(rerun->world->self, &command, rerun->arena, &run->outcome, error);
    run->unseen = rerun->left.unseen    ? rerun->left.unseen
                  : watches_left(rerun) ? run->outcome.unwatched
                                        : NULL;
    if (code == MLG_OK)
        code = mlg_rerun_find_stray(rerun, &watched, run, error);
    if (code == MLG_OK)
        code = mlg_rerun_check_ending(rerun, &command, run, error);
    const struct mlg_leftovers_of of = mlg_rerun_leftovers_of(rerun);
    return code == MLG_OK ? mlg_leftovers_check(&of, &rerun->left, &command, run, rerun->arena, error) : code;
}

int64_t mlg_rerun_begin_others(const struct mlg_rerun_run *first)
{
    static const int64_t second = 1000000000, margin = 20000000; /* coarse clocks lag by a tick */
    const int64_t begun = first ? first->outcome.begun : 0;
    if (begun == 0)
        return 0;
    const int64_t ended = begun + (int64_t)(first->outcome.seconds * (double)second);
    const int64_t next = (ended / second + 1) * second;
    return (next < begun + second ? next : begun + second) + margin;
}

/* Moves what the run `number` wrote to where it is kept, and removes all else: the copies of inputs of all
 * runs would fill the disk, and be written to it, where only the outputs are looked at again. Returns where
 * it is kept; NULL: told. */
static const char *keep_outputs(const struct mlg_rerun *rerun, const char *directory, unsigned number,
                                struct mlg_error *error)
{
    const struct mlg_runner *runner = rerun->runner;
    void *self = rerun->world->self;
    struct mlg_entry output = {0};
    char name[16];
    snprintf(name, sizeof name, "%u", number);
    const char *kept = runner->make_directory(self, rerun->kept, name, rerun->arena, error);
    if (!kept)
        return NULL;
    const char *rest = mlg_arena_format(rerun->arena, "%s/rest", kept);
    const char *from = mlg_arena_format(rerun->arena, "%s/rest/output", kept);
    const char *to = mlg_arena_format(rerun->arena, "%s/output", kept);
    int code = rest && from && to ? runner->move(self, directory, rest, error) : mlg_rerun_no_memory(error);
    if (code == MLG_OK)
        code = runner->look(self, from, &output, error);
    if (code == MLG_OK && output.kind != MLG_ENTRY_MISSING)
        code = runner->move(self, from, to, error);
    if (code != MLG_OK)
        return NULL;
    runner->remove_directory(self, rest, NULL); /* what cannot be removed stays until the end */
    return kept;
}

int mlg_rerun_make_run(const struct mlg_rerun *rerun, unsigned number, const struct mlg_rerun_plan *plan,
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
    const struct mlg_laid *laid = NULL;
    if (code == MLG_OK && rerun->in_memory && made.inputs_are_backwards)
        code = mlg_rerun_lay_in_memory(rerun, number, directory, &laid, error);
    if (code == MLG_OK && !runner->make_directory(self, directory, "output", rerun->arena, error))
        code = error ? (int)error->code : MLG_WORLD;
    const char *output = mlg_arena_format(rerun->arena, "%s/output", made.directory);
    if (code == MLG_OK && !output)
        code = mlg_rerun_no_memory(error);
    if (code == MLG_OK)
        code = run_command(rerun, &made, laid, output, run, error);
    if (code == MLG_OK && laid)
        code = mlg_rerun_link_to_memory(rerun, laid, error);
    if (code == MLG_OK)
        code = mlg_rerun_check_inputs(rerun, directory, run->number, error);
    if (code == MLG_OK && run->stray)
        code = mlg_rerun_refuse_stray(rerun, run, error);
    const char *misplaced = code == MLG_OK ? mlg_rerun_find_misplaced(rerun, directory) : NULL;
    if (laid) {
        const int left = mlg_rerun_leave_memory(rerun, number, code == MLG_OK ? error : NULL);
        code = code == MLG_OK ? left : code;
    }
    const char *kept = code == MLG_OK ? keep_outputs(rerun, directory, run->number, error) : NULL;
    if (code == MLG_OK && !kept)
        code = error ? (int)error->code : MLG_WORLD;
    if (code == MLG_OK)
        code = mlg_rerun_find_outputs(rerun, kept, fresh.modified, misplaced, run, error);
    if (code == MLG_OK)
        code = runner->remove_directory(self, rerun->apart ? rerun->apart : made.own, error);
    if (run->has_failed) { /* others may be made to find out why */
        runner->remove_directory(self, directory, NULL);
        runner->remove_directory(self, rerun->apart ? rerun->apart : made.own, NULL);
    }
    if (code != MLG_OK)
        mlg_rerun_tell_last_lines(rerun, run, error);
    return code;
}

int mlg_rerun_make_alone(struct mlg_rerun *rerun, unsigned number, const struct mlg_rerun_plan *plan,
                         struct mlg_rerun_run **out, struct mlg_error *error)
{
    int code = mlg_rerun_find_left(rerun, error);
    if (code == MLG_OK && rerun->is_fresh && rerun->earlier->count == 0 && rerun->runner->search)
        code = mlg_rerun_watch_originals(rerun, &rerun->left, error);
    if (code == MLG_OK)
        code = mlg_rerun_make_run(rerun, number, plan, out, error);
    if (*out && !mlg_earlier_add(rerun->earlier, *out, rerun->arena))
        code = mlg_rerun_no_memory(error);
    return code;
}
