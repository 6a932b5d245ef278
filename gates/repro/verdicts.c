/* The suite's other gates, judged on what the runs wrote: are their verdicts the same? */
#include <string.h>

#include "mlgate/verdict.h"
#include "repro_private.h"

/* The suite's verdicts on other files; `made` NULL: not known yet. */
static int judge_files(const struct repro_run *state, const struct mlg_rerun_run *run,
                       struct mlg_rejudged **place, struct mlg_error *error)
{
    const struct mlg_map *sources = &state->options->sources;
    struct mlg_arena *arena = state->run->arena;
    if (*place)
        return MLG_OK;
    struct mlg_map files = {.keys = sources->keys,
                            .values = MLG_NEW_ARRAY(arena, const char *, sources->count + 1),
                            .count = sources->count};
    struct mlg_rejudged *made = MLG_NEW(arena, struct mlg_rejudged);
    if (!files.values || !made)
        return repro_no_memory(error);
    for (size_t i = 0; run && i < sources->count; i++)
        files.values[i] = run->outputs[repro_output_index(state->options, sources->values[i])].path;
    const int code = mlg_rejudge(state->run, &files, arena, made, error);
    *place = code == MLG_OK ? made : NULL;
    return code;
}

/* The verdict of a check; MLG_VERDICT_COUNT: there is none of that name. */
static enum mlg_verdict verdict_of(const struct mlg_rejudged *judged, const char *id)
{
    for (size_t i = 0; i < judged->count; i++)
        if (strcmp(judged->ids[i], id) == 0)
            return judged->verdicts[i];
    return MLG_VERDICT_COUNT;
}

/* Is every check's verdict the same on two runs? */
static bool same_verdicts(const struct mlg_rejudged *a, const struct mlg_rejudged *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (verdict_of(b, a->ids[i]) != a->verdicts[i])
            return false;
    return a->count == b->count;
}

int repro_find_verdicts(const struct repro_run *state, const struct mlg_rerun_run *const *runs, size_t count,
                        struct finding *finding, struct mlg_error *error)
{
    const struct mlg_rejudged *first = NULL;
    *finding = (struct finding){.value = 1};
    for (size_t r = 0; r < count; r++) {
        const int code = judge_files(state, runs[r], &state->judged[runs[r]->number - 1], error);
        const struct mlg_rejudged *judged = state->judged[runs[r]->number - 1];
        if (code != MLG_OK)
            return code;
        first = first ? first : judged;
        if (judged->error && !finding->undefined)
            finding->undefined =
                mlg_arena_format(state->run->arena, "%s: %s", repro_run_name(state, runs[r]), judged->error);
        if (!same_verdicts(first, judged))
            finding->value = 0;
    }
    return MLG_OK;
}

int repro_find_verdicts_of_all(struct repro_run *state, struct finding *worst, struct mlg_error *error)
{
    const char *why = NULL;
    int code = repro_find_verdicts(state, (const struct mlg_rerun_run *const *)state->runs, state->run_count,
                                   worst, error);
    if (code == MLG_OK && !worst->undefined)
        code = judge_files(state, NULL, &state->own, error);
    if (code != MLG_OK || worst->undefined)
        return code;
    if (state->own->error)
        worst->undefined =
            mlg_arena_format(state->run->arena, "on the suite's own files: %s", state->own->error);
    else if (!same_verdicts(state->own, state->judged[0]))
        worst->value = 0;
    if (!worst->undefined)
        code = repro_check_rows_of_sources(state, &why, error);
    worst->undefined = why ? why : worst->undefined;
    return code;
}

static const char *word_of(enum mlg_verdict verdict)
{
    return verdict < MLG_VERDICT_COUNT ? mlg_verdicts[verdict].word : "not there";
}

/* "'accuracy / f1 >= 0.7': pass on the suite's own files, fail on run 1" */
static void note_own_verdict(const struct repro_run *state, const char *id, struct mlg_check_result *result)
{
    struct mlg_arena *arena = state->run->arena;
    const enum mlg_verdict own = verdict_of(state->own, id), first = verdict_of(state->judged[0], id);
    if (own != first)
        repro_note(result, arena, "'%s': %s on the suite's own files, %s on %s", id, word_of(own),
                   word_of(first), repro_run_name(state, state->runs[0]));
}

/* "'accuracy / f1 >= 0.7' is pass on run 1, fail on 2 of 5 runs, the first of them run 3" */
static void note_verdict(const struct repro_run *state, const char *id, struct mlg_check_result *result)
{
    struct mlg_arena *arena = state->run->arena;
    const enum mlg_verdict before = verdict_of(state->judged[0], id);
    const struct mlg_rerun_run *other = NULL;
    size_t count = 0;
    for (size_t r = 1; r < state->run_count; r++)
        if (verdict_of(state->judged[r], id) != before) {
            other = other ? other : state->runs[r];
            count++;
        }
    if (!other)
        return;
    const enum mlg_verdict after = verdict_of(state->judged[other->number - 1], id);
    repro_note(
        result, arena, "'%s': %s on %s, %s on %s%s", id, word_of(before),
        repro_run_name(state, state->runs[0]), word_of(after), repro_run_name(state, other),
        count > 1 ? mlg_arena_format(arena, "; %zu of %zu runs are not as the first", count, state->run_count)
                  : "");
}

void repro_note_verdicts(const struct repro_run *state, struct mlg_check_result *result)
{
    for (size_t i = 0; i < state->own->count; i++)
        note_own_verdict(state, state->own->ids[i], result);
    for (size_t i = 0; i < state->judged[0]->count; i++)
        note_verdict(state, state->judged[0]->ids[i], result);
    for (size_t r = 1; r < state->run_count; r++)
        for (size_t i = 0; i < state->judged[r]->count; i++) {
            bool is_told = false;
            for (size_t b = 0; b < r && !is_told; b++)
                is_told = verdict_of(state->judged[b], state->judged[r]->ids[i]) != MLG_VERDICT_COUNT;
            if (!is_told)
                note_verdict(state, state->judged[r]->ids[i], result);
        }
}
