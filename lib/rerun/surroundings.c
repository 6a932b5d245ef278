/* surroundings.c: what a command finds around it: variables, directories of its own, namespaces, the time;
 * and what of it this machine can vary.
 */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "rerun_private.h"

mlg_variation_set mlg_rerun_find_possible(const struct mlg_rerun *rerun)
{
    return mlg_variation_possible(rerun->order->vary, &rerun->means, &rerun->common, rerun->arena);
}

bool mlg_rerun_make_environment(struct mlg_rerun *rerun, const char *own)
{
    const struct mlg_texts *more = &rerun->order->inherit;
    size_t count = 0, usual = 0;
    while (mlg_command_inherited[usual])
        usual++;
    const char **names = MLG_NEW_ARRAY(rerun->arena, const char *, usual + more->count + 1);
    if (!names)
        return false;
    for (size_t i = 0; i < usual; i++)
        names[count++] = mlg_command_inherited[i];
    for (size_t i = 0; i < more->count; i++)
        names[count++] = more->items[i];
    rerun->common.environment =
        mlg_command_environment(rerun->world, names, own, rerun->order->environment, rerun->arena);
    return rerun->common.environment != NULL;
}

unsigned mlg_rerun_isolation(const struct mlg_rerun_order *order)
{
    return MLG_ISOLATE_PROCESSES | (order->network ? 0 : MLG_ISOLATE_NETWORK);
}

int mlg_rerun_try(const struct mlg_rerun *rerun, const struct mlg_command_order *order, bool *can,
                  const char **why, struct mlg_error *error)
{
    struct mlg_command_outcome outcome;
    struct mlg_command_order nothing = *order;
    nothing.arguments = (const char *const[]){"/bin/sh", "-c", ":", NULL};
    nothing.directory = rerun->root;
    nothing.environment = rerun->common.environment;
    nothing.temporary = rerun->root;
    nothing.isolation = mlg_rerun_isolation(rerun->order);
    nothing.limits = (struct mlg_command_limits){.timeout = 60};
    nothing.settings = (struct mlg_command_settings){.umask = -1};
    const int code = rerun->runner->run(rerun->world->self, &nothing, rerun->arena, &outcome, error);
    if (code != MLG_OK)
        return code;
    *can = mlg_command_succeeded(&outcome);
    *why = *can                        ? NULL
           : outcome.isolation_missing ? outcome.isolation_missing
           : outcome.problem           ? outcome.problem
                                       : mlg_command_ending(&nothing, &outcome, rerun->arena);
    return MLG_OK;
}

int mlg_rerun_decide_at_once(struct mlg_rerun *rerun, struct mlg_error *error)
{
    const struct mlg_runner *runner = rerun->runner;
    void *self = rerun->world->self;
    bool can = false;
    const char *why = NULL;
    rerun->at_once = 1;
    if (rerun->order->parallel <= 1)
        return MLG_OK;
    if (!rerun->is_fresh) {
        rerun->why_one = rerun->order->workdir
                             ? "they share 'workdir', in which one could find what another writes"
                             : "they share the directory that they run in; with 'inputs' each has its own";
        return MLG_OK;
    }
    const char *apart = runner->make_directory(self, rerun->root, "apart", rerun->arena, error);
    if (!apart)
        return error ? (int)error->code : MLG_WORLD;
    const struct mlg_command_order shown = {.shown_from = apart, .shown_at = rerun->root};
    int code = mlg_rerun_try(rerun, &shown, &can, &why, error);
    if (code == MLG_OK)
        code = runner->remove_directory(self, apart, error);
    if (code != MLG_OK)
        return code;
    if (can) {
        rerun->at_once = rerun->order->parallel;
        return MLG_OK;
    }
    rerun->why_one = mlg_arena_format(
        rerun->arena, "each has to find its files at one and the same path, and %s", why ? why : "it fails");
    return rerun->why_one ? MLG_OK : mlg_rerun_no_memory(error);
}

unsigned mlg_rerun_at_once(const struct mlg_rerun *rerun)
{
    return rerun->at_once;
}

const char *mlg_rerun_why_one(const struct mlg_rerun *rerun)
{
    return rerun->why_one;
}

mlg_variation_set mlg_rerun_possible(const struct mlg_rerun *rerun)
{
    return rerun->possible;
}

const char *mlg_rerun_impossible(const struct mlg_rerun *rerun, struct mlg_arena *arena)
{
    const char *text = NULL;
    for (size_t i = 0; i < mlg_variation_count; i++) {
        const mlg_variation_set one = (mlg_variation_set)1 << i;
        if (!(rerun->order->vary & one) || (rerun->possible & one))
            continue;
        const char *why = mlg_variation_missing(&mlg_variations[i], &rerun->means, &rerun->common, arena);
        text = mlg_arena_format(arena, "%s%s%s (%s)", text ? text : "", text ? ", " : "",
                                mlg_variations[i].name, why ? why : "it cannot be done here");
    }
    return text;
}

const char *mlg_rerun_unordered(const struct mlg_rerun *rerun)
{
    return rerun->possible & mlg_variation_of("file_order") ? rerun->unordered : NULL;
}

int mlg_rerun_make_own(const struct mlg_rerun *rerun, struct mlg_error *error)
{
    const char *root = rerun->apart ? rerun->apart : rerun->root;
    const char *own = rerun->runner->make_directory(rerun->world->self, root, "own", rerun->arena, error);
    for (const char *const *name = mlg_command_own_directories; own && *name; name++)
        if (!rerun->runner->make_directory(rerun->world->self, own, *name, rerun->arena, error))
            own = NULL;
    return own ? MLG_OK : error ? (int)error->code : MLG_WORLD;
}

static const char shared_memory[] = "/dev/shm";

static bool names_shared_memory(const struct mlg_rerun *rerun, const char *path)
{
    struct mlg_error ignored = {0};
    const char *real = path[0] == '/' && path[1]
                           ? rerun->runner->real_path(rerun->world->self, path, rerun->arena, &ignored)
                           : NULL;
    return strstr(path, shared_memory) || (real && mlg_path_is_below(real, shared_memory));
}

static bool is_there(const struct mlg_rerun *rerun, const char *path)
{
    struct mlg_entry entry = {0};
    struct mlg_error ignored = {0};
    return rerun->runner->look(rerun->world->self, path, &entry, &ignored) == MLG_OK &&
           entry.kind != MLG_ENTRY_MISSING;
}

bool mlg_rerun_may_empty_shared_memory(const struct mlg_rerun *rerun, const char *directory,
                                       const struct mlg_command_order *command)
{
    bool is_named = names_shared_memory(rerun, rerun->root) || names_shared_memory(rerun, rerun->base) ||
                    (!rerun->is_fresh && names_shared_memory(rerun, directory));
    for (size_t i = 0; i < rerun->order->inputs.count && !is_named; i++)
        is_named = names_shared_memory(rerun, rerun->order->inputs.items[i]);
    for (size_t i = 0; command->arguments[i] && !is_named; i++)
        is_named =
            mlg_path_is_below(command->arguments[i], shared_memory) && is_there(rerun, command->arguments[i]);
    for (size_t i = 0; command->environment[i] && !is_named; i++)
        is_named = strstr(command->environment[i], shared_memory) != NULL;
    return !is_named;
}

bool mlg_rerun_has_own_time(const struct mlg_rerun *rerun, const struct mlg_run_surroundings *made)
{
    const char *libraries = mlg_command_variable(made->environment, "LD_PRELOAD");
    return rerun->possible & mlg_variation_of("time") && rerun->means.faketime && libraries &&
           strstr(libraries, rerun->means.faketime) && mlg_command_variable(made->environment, "FAKETIME");
}
