/* Every check of repro: the pair of runs that is worst for it, the verdict, and what is told of both. */
#include <math.h>
#include <stdarg.h>
#include <string.h>

#include "mlgate/text.h"
#include "mlgate/verdict.h"
#include "repro_private.h"

static int find_worst(struct repro_run *state, size_t check, struct finding *worst, struct mlg_error *error)
{
    const enum mlg_repro_kind kind = mlg_repro_kernel_of(&state->calls[check])->kind;
    *worst = (struct finding){0};
    struct finding finding;
    if (kind == MLG_REPRO_SHARE)
        return repro_find_flips(state, check, worst, error);
    if (kind == MLG_REPRO_VERDICTS)
        return repro_find_verdicts_of_all(state, worst, error);
    if (kind == MLG_REPRO_SPREAD)
        return repro_find_spread_of_all(state, check, worst, error);
    for (size_t r = 1; r < state->run_count; r++) {
        if (repro_base_of(state, state->runs[r]) == state->runs[r])
            continue;
        const int code = repro_look_at_run(state, check, state->runs[r], &finding, error);
        if (code != MLG_OK)
            return code;
        if (repro_is_worse(&state->calls[check], &finding, worst))
            *worst = finding;
    }
    if (!state->options->against)
        return MLG_OK;
    const int code = repro_look_at_artefact(state, check, &finding, error);
    finding.seed = state->runs[0]->seed;
    finding.is_artefact = true;
    if (code == MLG_OK && repro_is_worse(&state->calls[check], &finding, worst))
        *worst = finding;
    return code;
}

static void set_evidence(const struct mlg_repro_kernel *kernel, const struct finding *worst,
                         struct mlg_evidence *evidence)
{
    *evidence = (struct mlg_evidence){.kind = MLG_EXACT_VALUE,
                                      .method = MLG_METHOD_EXACT,
                                      .value = worst->value,
                                      .maximum = (double)INFINITY};
    if (worst->undefined) {
        mlg_evidence_undefined(evidence, "%s", worst->undefined);
    } else if (kernel->kind == MLG_REPRO_SHARE && worst->pair.flips) {
        evidence->kind = MLG_PROPORTION;
        evidence->method = MLG_METHOD_WILSON;
        evidence->maximum = 1;
        evidence->numerator = worst->changed;
        evidence->denominator = evidence->n = worst->rows;
    } else if (worst->spread) {
        const struct mlg_spread_found *found = worst->spread_with ? worst->spread_with : worst->spread;
        evidence->numerator = found->numerator;
        evidence->denominator = found->denominator;
    }
}

static void judge_predicate(const struct finding *worst, const char *differing,
                            struct mlg_check_result *result)
{
    const bool holds = worst->value > 0;
    if (worst->undefined) {
        mlg_check_not_measured(result, worst->undefined);
        return;
    }
    result->estimate = (struct mlg_optional){true, holds ? 1 : 0};
    result->method = mlg_methods[MLG_METHOD_EXACT].name;
    result->decided_by = "exact";
    result->verdict = holds ? MLG_PASS : MLG_FAIL;
    result->fail_probability = holds ? 1 : 0;
    result->reason = holds ? NULL : differing;
}

/* A distance that is infinite is above every limit. No report has a number for it: the reason says so. */
static void judge_infinite(enum mlg_comparator comparator, struct mlg_check_result *result)
{
    result->method = mlg_methods[MLG_METHOD_EXACT].name;
    result->decided_by = "exact";
    result->verdict = comparator == MLG_NO_COMPARATOR ? MLG_NOT_APPLICABLE : MLG_FAIL;
    result->fail_probability = comparator == MLG_NO_COMPARATOR ? 1 : 0;
    result->reason = comparator == MLG_NO_COMPARATOR ? "the value is infinite"
                                                     : "the value is infinite, which is above every limit";
}

void repro_note(struct mlg_check_result *result, struct mlg_arena *arena, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    mlg_check_note(result, mlg_arena_format_list(arena, format, arguments), arena);
    va_end(arguments);
}

static void note_flips(const struct repro_run *state, const struct mlg_repro_kernel *kernel,
                       const struct finding *worst, struct mlg_check_result *result)
{
    struct mlg_arena *arena = state->run->arena;
    const struct mlg_flips *flips = worst->pair.flips;
    const bool is_of_scores = kernel->kind == MLG_REPRO_DISTANCE;
    mlg_check_note(result,
                   flips->only ? repro_describe_other_rows(state, worst)
                               : repro_describe_missing(worst, is_of_scores, arena),
                   arena);
    if (is_of_scores && !worst->undefined && flips->max_score_row)
        mlg_check_note(result, repro_describe_scores(worst, arena), arena);
    else if (state->options->prediction && flips->changed > 0)
        mlg_check_note(result, repro_describe_flips(worst, arena), arena);
}

/* What is told of a finding beside its value. */
static void note_finding(struct repro_run *state, size_t check, const struct finding *worst,
                         struct mlg_check_result *result)
{
    const struct mlg_call *call = &state->calls[check];
    const struct mlg_repro_kernel *kernel = mlg_repro_kernel_of(call);
    struct mlg_arena *arena = state->run->arena;
    const bool is_predicate = repro_is_predicate(call);
    const bool moves = is_predicate ? !(worst->value > 0) : worst->undefined || worst->value > 0;
    if (worst->spread && !worst->undefined) {
        repro_note_spread(state, call, worst, result);
        repro_add_noise_floor(state, check, worst);
    } else if (kernel->kind == MLG_REPRO_VERDICTS && !worst->undefined) {
        repro_note_verdicts(state, result);
    }
    if (repro_is_of_two(kernel))
        mlg_check_note(result, repro_describe_beside(state, check), arena);
    if (worst->pair.flips)
        note_flips(state, kernel, worst, result);
    else if (!kernel->needs_flips && worst->with && moves)
        mlg_check_note(result, repro_describe(worst, call->arguments.file, !is_predicate, arena), arena);
}

static int judge_check(struct repro_run *state, size_t check, struct finding *worst,
                       struct mlg_check_result *result, struct mlg_error *error)
{
    const struct mlg_check_config *item = &state->run->config->checks.items[check];
    const struct mlg_call *call = &state->calls[check];
    const struct mlg_repro_kernel *kernel = mlg_repro_kernel_of(call);
    struct mlg_arena *arena = state->run->arena;
    struct mlg_evidence evidence;
    *worst = (struct finding){.value = (double)state->run_count};
    mlg_check_result_begin(result, state->run->config, item, arena);
    result->warns_only = item->settings.on_inconclusive == MLG_WARN;
    if (kernel->kind != MLG_REPRO_COUNT) {
        int code = find_worst(state, check, worst, error);
        if (code == MLG_LIMIT || code == MLG_INTERNAL)
            return code;
        if (code == MLG_OK && repro_is_of_two(kernel) && !worst->with)
            code = mlg_error_set(error, MLG_DATA,
                                 "no seed was run twice, so that there are no two runs to compare");
        if (code != MLG_OK) {
            mlg_check_not_measured(result, repro_error_text(state, error));
            result->underlying = result->verdict;
            *error = (struct mlg_error){0};
            return MLG_OK;
        }
    }
    set_evidence(kernel, worst, &evidence);
    if (repro_is_predicate(call))
        judge_predicate(worst,
                        kernel->kind == MLG_REPRO_VERDICTS ? "verdicts are not the same on all runs"
                        : worst->is_artefact               ? "the runs do not write what 'against' names"
                                                           : "the runs do not write the same",
                        result);
    else if (kernel->kind == MLG_REPRO_DISTANCE && !worst->undefined && isinf(worst->value) &&
             !mlg_wants_more(item->check.comparator))
        judge_infinite(item->check.comparator, result);
    else
        mlg_check_measured(&item->check, &item->settings, &evidence, call->metric->minimum,
                           call->metric->maximum, arena, result);
    if (evidence.n == 0)
        result->n = result->rows = state->run_count;
    result->underlying = result->verdict;
    note_finding(state, check, worst, result);
    return MLG_OK;
}

static void drop_repeated(const struct mlg_check_result *before, struct mlg_check_result *result)
{
    if (before->note_count && result->note_count &&
        strcmp(before->notes[before->note_count - 1], result->notes[result->note_count - 1]) == 0)
        result->note_count--;
}

/* What the runs write otherwise, and no check looks at. */
static void warn_of_unchecked(const struct repro_run *state)
{
    for (size_t i = 0; i < state->options->outputs.count; i++) {
        const char *file = state->options->outputs.items[i];
        const struct mlg_rerun_run *other = NULL;
        bool is_checked = repro_is_beside(state, file);
        for (size_t s = 0; s < state->options->sources.count; s++)
            is_checked = is_checked || strcmp(state->options->sources.values[s], file) == 0;
        for (size_t c = 0; c < state->run->config->checks.count; c++)
            is_checked = is_checked || mlg_text_equal(state->calls[c].arguments.file, file);
        for (size_t r = 1; r < state->run_count && !other && !is_checked; r++)
            if (strcmp(state->runs[r]->outputs[i].sha256,
                       repro_base_of(state, state->runs[r])->outputs[i].sha256) != 0)
                other = state->runs[r];
        if (other)
            mlg_run_warn(state->run,
                         "%s writes other bytes to '%s' than run %u, and no check looks at it (%s)",
                         repro_run_name(state, other), file, repro_base_of(state, other)->number,
                         state->run->config->name);
    }
}

int repro_judge_checks(struct repro_run *state, struct mlg_gate_result *result, struct mlg_error *error)
{
    const struct mlg_checks *checks = &state->run->config->checks;
    struct mlg_arena *arena = state->run->arena;
    struct to_explain *wanted = MLG_NEW_ARRAY(arena, struct to_explain, checks->count + 1);
    result->checks = MLG_NEW_ARRAY(arena, struct mlg_check_result, checks->count);
    result->reported = MLG_NEW_ARRAY(arena, struct mlg_check_result, checks->count);
    if (!wanted || !result->checks || !result->reported)
        return repro_no_memory(error);
    for (size_t c = 0; c < checks->count; c++) {
        const bool is_check = mlg_gate_judges(state->run->config->gate, &checks->items[c].check);
        const enum mlg_repro_kind kind = mlg_repro_kernel_of(&state->calls[c])->kind;
        struct mlg_check_result *place =
            is_check ? &result->checks[result->check_count++] : &result->reported[result->reported_count++];
        struct finding worst;
        const int code = judge_check(state, c, &worst, place, error);
        if (code != MLG_OK)
            return code;
        /* What differs between seeds has the seed for its cause, and what cannot be measured has none. */
        const bool of_all = kind == MLG_REPRO_SPREAD || kind == MLG_REPRO_VERDICTS;
        const bool is_distance = !repro_is_predicate(&state->calls[c]);
        const bool has_cause = of_all && (state->options->seeds.count > 0 || worst.undefined);
        wanted[c] = (struct to_explain){.moved = place->verdict == MLG_INCONCLUSIVE && worst.value > 0,
                                        .seed = worst.with || !of_all ? worst.seed : state->runs[0]->seed,
                                        .ignorable = repro_ignorable(&worst, is_distance, arena),
                                        .told = repro_told_part(&worst, is_distance),
                                        .is_tiny = repro_is_tiny(&worst, is_distance),
                                        .result = place};
        if (is_check && place->verdict != MLG_PASS && mlg_repro_kernel_of(&state->calls[c])->needs_comparison)
            repro_list_differing(state, c, &worst, place);
        wanted[c].is_wanted = is_check && !has_cause && kind != MLG_REPRO_COUNT &&
                              (place->verdict == MLG_FAIL || wanted[c].moved ||
                               (place->verdict == MLG_VERDICT_ERROR && worst.undefined));
    }
    /* What is only reported says no more of a place that a check tells. */
    for (size_t r = 0; r < result->reported_count; r++)
        for (size_t c = 0; c < result->check_count; c++)
            if (result->reported[r].part_count == 0)
                drop_repeated(&result->checks[c], &result->reported[r]);
    result->noise_floor = state->floors;
    result->noise_floor_count = state->floor_count;
    warn_of_unchecked(state);
    repro_warn_of_unmet_patterns(state);
    return repro_explain(state, wanted, error);
}
