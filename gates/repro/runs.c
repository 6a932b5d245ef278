/* Runs of the command, made and kept: all that are asked for, one more, and what is told of how they went. */
#include <string.h>

#include "mlgate/text.h"
#include "repro_private.h"

/* Once: what the first of them is told of goes for the others. */
static void warn_unseen(const struct repro_run *state, const struct mlg_rerun_run *made)
{
    for (size_t r = 0; r + 1 < state->run_count; r++)
        if (state->runs[r]->unseen)
            return;
    if (made->unseen)
        mlg_run_warn(state->run,
                     "whether run %u read what an earlier one left outside of its own "
                     "directories is not known: %s (%s)",
                     made->number, made->unseen, state->run->config->name);
}

/* Once per file, of three files at most. */
static void warn_already(const struct repro_run *state, const struct mlg_rerun_run *made)
{
    enum { MOST_TOLD = 3 };
    size_t told = 0;
    for (size_t i = 0; i < made->already.count && told < MOST_TOLD; i++) {
        bool is_told = false;
        for (size_t r = 0; r + 1 < state->run_count; r++)
            for (size_t k = 0; k < state->runs[r]->already.count; k++)
                is_told |= strcmp(state->runs[r]->already.items[k], made->already.items[i]) == 0;
        told++;
        if (!is_told)
            mlg_run_warn(state->run,
                         "the command names and reads '%s', which was there before the "
                         "runs and is not in 'inputs': whether a run of an earlier gate "
                         "made it is not known; list it in 'inputs' if it is data that is given, "
                         "and remove it if a run left it (%s)",
                         made->already.items[i], state->run->config->name);
    }
}

/* The copies are what is digested, and what begins anew with each run. */
static void warn_original(const struct repro_run *state, const struct mlg_rerun_run *made)
{
    struct mlg_arena *arena = state->run->arena;
    const size_t more = made->original_count - 1;
    if (!made->original)
        return;
    const char *others = "";
    if (more > 0)
        others = mlg_arena_format(arena, " (and %s more %s)", mlg_count_text(more, arena),
                                  mlg_plural(more, "file", "files"));
    mlg_run_warn(state->run,
                 "run %u, or another program meanwhile, read %s%s: runs may make their result of "
                 "other code and data than their inputs, and find what an earlier one left beside "
                 "these; name inputs by relative paths, and where an editable install leads Python "
                 "elsewhere, lead it to the copies (`environment: {PYTHONPATH: src}`) (%s)",
                 made->number, made->original, others, state->run->config->name);
}

static void keep_run(struct repro_run *state, struct mlg_rerun_run *made)
{
    state->runs[state->run_count++] = made;
    if (made->outcome.left_behind > 0)
        mlg_run_warn(state->run, "run %u left %u %s behind (%s), which %s ended (%s)", made->number,
                     made->outcome.left_behind, mlg_plural(made->outcome.left_behind, "process", "processes"),
                     made->outcome.left_behind_names, mlg_plural(made->outcome.left_behind, "was", "were"),
                     state->run->config->name);
    if (made->unwatched)
        mlg_run_warn(state->run,
                     "whether run %u left something where later runs find it is not known: "
                     "%s (%s)",
                     made->number, made->unwatched, state->run->config->name);
    warn_unseen(state, made);
    warn_already(state, made);
    warn_original(state, made);
    if (made->copied && !state->is_copied_told) {
        state->is_copied_told = true;
        mlg_run_warn(state->run,
                     "run %u: %s: of that file nobody can tell "
                     "whether it was made (%s)",
                     made->number, made->copied, state->run->config->name);
    }
    state->isolation_missing = made->outcome.isolation_missing;
    state->isolation = mlg_command_isolation(&made->outcome, state->run->arena);
}

const struct mlg_rerun_run *repro_first_of(const struct repro_run *state, const char *seed)
{
    for (size_t r = 0; r < state->run_count; r++)
        if (state->runs[r]->seed == seed)
            return state->runs[r];
    return NULL;
}

const struct mlg_rerun_run *repro_base_of(const struct repro_run *state, const struct mlg_rerun_run *run)
{
    return repro_first_of(state, run->seed);
}

const char *repro_run_name(const struct repro_run *state, const struct mlg_rerun_run *run)
{
    return run->seed ? mlg_arena_format(state->run->arena, "run %u (seed %s)", run->number, run->seed)
                     : mlg_arena_format(state->run->arena, "run %u", run->number);
}

void repro_tell_failure(const struct repro_run *state, const struct mlg_rerun_run *failed, const char *found,
                        struct mlg_error *error)
{
    const struct mlg_rerun_run *first = repro_first_of(state, failed->seed);
    const char *words = mlg_variation_words(failed->varied, state->run->arena);
    const struct mlg_error told = *error;
    if (first && words)
        mlg_error_set(error, told.code,
                      "run %u, which varied nothing, ended well, and with %s varied it does not; %s: %s",
                      first->number, words, found ? found : "whether that is the cause 'vary: none' tells",
                      told.text);
}

int repro_run_once(struct repro_run *state, mlg_variation_set varied, const char *seed,
                   struct mlg_error *error)
{
    struct mlg_rerun_run *made = NULL;
    if (state->run_count >= REPRO_MOST_RUNS)
        return mlg_error_set(error, MLG_LIMIT, "more than %d runs", REPRO_MOST_RUNS);
    state->begun++;
    int code = mlg_rerun_run(state->rerun, varied, seed, &made, error);
    if (code != MLG_OK)
        state->failed = made;
    if (code == MLG_OK)
        code = mlg_rerun_check_kept(state->rerun, state->runs, state->run_count, error);
    if (code == MLG_OK)
        keep_run(state, made);
    return code;
}

/* What runs are to make, or are held against, among what they read. */
static void warn_of_results_among_inputs(const struct repro_run *state)
{
    for (size_t i = 0; i < state->options->outputs.count; i++) {
        const char *output = state->options->outputs.items[i];
        const char *sha256 = state->against_sha256 ? state->against_sha256[i] : "";
        const char *against = sha256[0] ? mlg_rerun_input_with_content(state->rerun, sha256) : NULL;
        const char *named = against ? NULL : mlg_rerun_input_with_name(state->rerun, output);
        if (against || named)
            mlg_run_warn(state->run,
                         "the input '%s' has the %s '%s': runs that find it can begin from "
                         "it; leave it out of 'inputs' (%s)",
                         against ? against : named,
                         against ? "content of what 'against' names for" : "file name of the output", output,
                         state->run->config->name);
    }
}

static void warn_of_pointers(const struct repro_run *state)
{
    size_t count = 0;
    struct mlg_arena *arena = state->run->arena;
    const char *first = mlg_rerun_find_pointer(state->rerun, &count);
    const char *are = " is";
    if (count > 1)
        are = mlg_arena_format(arena, " and %s more are each", mlg_count_text(count - 1, arena));
    if (first)
        mlg_run_warn(state->run,
                     "the input '%s'%s a pointer of Git LFS, and not the file that it stands for: "
                     "'git lfs pull' brings that, in a pipeline `lfs: true` of actions/checkout (%s)",
                     first, are, state->run->config->name);
}

int repro_make_runs(struct repro_run *state, const struct mlg_rerun_order *order, struct mlg_error *error)
{
    int code = mlg_rerun_begin(state->run->world, order, state->run->arena, &state->rerun, error);
    if (code != MLG_OK)
        return code;
    if (state->options->manifest)
        code = mlg_manifest_make(state->run->world, state->rerun, state->run->arena, &state->manifest, error);
    if (code != MLG_OK)
        return code;
    warn_of_results_among_inputs(state);
    warn_of_pointers(state);
    const struct mlg_texts *seeds = &state->options->seeds;
    const size_t each = (size_t)repro_runs_of_each(state->run->config), count = state->asked;
    struct mlg_rerun_plan *plans = MLG_NEW_ARRAY(state->run->arena, struct mlg_rerun_plan, count);
    struct mlg_rerun_run **made = MLG_NEW_ARRAY(state->run->arena, struct mlg_rerun_run *, count);
    size_t planned = 0, kept = 0, first = 0;
    if (!plans || !made)
        return repro_no_memory(error);
    /* The first run tells whether the command bears another time, before others are planned. */
    if (mlg_rerun_possible(state->rerun) & mlg_variation_of("time")) {
        code = repro_run_once(state, 0, seeds->count > 0 ? seeds->items[0] : NULL, error);
        if (code != MLG_OK)
            return code;
        first = 1;
    }
    state->possible = mlg_rerun_possible(state->rerun);
    for (size_t r = 0; r < each; r++)
        for (size_t i = 0; i < seeds->count || i == 0; i++)
            plans[planned++] = (struct mlg_rerun_plan){.varied = r == 0 ? 0 : state->possible,
                                                       .seed = i < seeds->count ? seeds->items[i] : NULL};
    code = mlg_rerun_runs(state->rerun, plans + first, planned - first, made, &kept, error);
    for (size_t i = 0; i < kept; i++)
        keep_run(state, made[i]);
    const bool one_failed = code != MLG_OK && kept < planned - first;
    const struct mlg_rerun_run *failed = one_failed ? made[kept] : NULL;
    state->begun += kept + one_failed;
    state->failed = failed;
    if (failed && failed->has_failed && failed->varied && error)
        repro_explain_failure(state, failed, error);
    if (code == MLG_OK)
        code = mlg_rerun_check_kept(state->rerun, state->runs, state->run_count, error);
    return code;
}

void repro_tell_parallel(const struct repro_run *state)
{
    unsigned at_once = mlg_rerun_at_once(state->rerun);
    const char *why = mlg_rerun_why_one(state->rerun), *name = state->run->config->name;
    if (why)
        mlg_run_warn(state->run,
                     "'parallel' is not done, the runs went one after the other: "
                     "%s (%s)",
                     why, name);
    at_once = at_once < state->asked ? at_once : (unsigned)state->asked;
    if (at_once > 1)
        mlg_run_warn(state->run,
                     "up to %u runs went at a time: wall times and peak memory are not those of "
                     "a run alone, threads compete, and a race may show or hide (%s)",
                     at_once, name);
}

void repro_tell_partly_varied(const struct repro_run *state)
{
    const char *unordered = mlg_rerun_unordered(state->rerun), *name = state->run->config->name;
    const mlg_variation_set processors = mlg_variation_of("cpu_count");
    if (unordered)
        mlg_run_warn(state->run, "file_order is varied, but not of %s (%s)", unordered, name);
    for (size_t r = 0; r < state->run_count; r++) {
        const struct mlg_rerun_run *made = state->runs[r];
        if (!(made->varied & processors) || made->outcome.shows_processors)
            continue;
        mlg_run_warn(state->run,
                     "cpu_count is varied, but not for a program that asks how many processors there are, as "
                     "getconf and os.cpu_count() before Python 3.13 do, and not how many it may use: %s (%s)",
                     made->outcome.isolation_missing ? made->outcome.isolation_missing
                                                     : "the system does not let that be changed",
                     name);
        return;
    }
}

void repro_tell_shared(const struct repro_run *state)
{
    const struct repro_options *options = state->options;
    if (options->inputs.count > 0 && !options->workdir)
        return;
    mlg_run_warn(state->run,
                 "runs share %s: what lay there before them, such as what a run of an earlier "
                 "gate left, was not looked at, and they may only copy it; list what the "
                 "command reads in 'inputs'%s (%s)",
                 options->workdir ? "'workdir'" : "the directory of mlgate.yaml",
                 options->workdir ? ", and leave 'workdir' out" : "", state->run->config->name);
}
