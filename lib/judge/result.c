/* result: what one check's result says, whichever gate asked: names and settings before anything was
 * measured, then the value, its bounds and the verdict. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlgate/run.h"
#include "mlgate/verdict.h"

/* ---- what a check's result says before anything was measured ---- */

const char *mlg_check_id(const struct mlg_gate_config *config, const struct mlg_check *check,
                         struct mlg_arena *arena)
{
    return mlg_arena_format(arena, "%s / %s", config->name, check->written);
}

void mlg_check_result_begin(struct mlg_check_result *result, const struct mlg_gate_config *config,
                            const struct mlg_check_config *item, struct mlg_arena *arena)
{
    const struct mlg_check *check = &item->check;
    memset(result, 0, sizeof *result);
    result->check = check->written;
    result->quantity = check->name;
    result->id = mlg_check_id(config, check, arena);
    if (check->comparator != MLG_NO_COMPARATOR) {
        result->comparator = mlg_comparator_text(check->comparator);
        result->limit = (struct mlg_optional){true, check->limit.value};
    }
    result->arguments = MLG_NEW_ARRAY(arena, struct mlg_pair, check->argument_count);
    for (size_t i = 0; result->arguments && i < check->argument_count; i++) {
        result->arguments[i].key = check->arguments[i].name ? check->arguments[i].name : "";
        result->arguments[i].value = check->arguments[i].value;
        result->argument_count++;
    }
    result->counted = config->gate && config->gate->counts ? config->gate->counts(check) : NULL;
    result->confidence = item->settings.confidence;
    result->enforce = item->settings.enforce;
    result->because = item->settings.because;
    result->decided_by = item->settings.decide == MLG_DECIDE_POINT ? "point" : "interval";
    if (item->node && item->node->origin.place.file) {
        result->file = item->node->origin.place.file;
        result->line = item->node->origin.place.line;
    }
}

/* ---- texts -------------------------------------------------------------------------------------- */

const char *mlg_slice_text(const char *const *columns, const char *const *values, size_t count,
                           bool is_comparison, struct mlg_arena *arena)
{
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    mlg_put_slice_name(&text, columns, values, count, is_comparison);
    const char *name = text.failed ? NULL : mlg_arena_copy(arena, text.data, text.size);
    mlg_builder_free(&text);
    return name;
}

const char *mlg_kept_text(const char *text, struct mlg_arena *arena)
{
    return text[0] ? mlg_arena_copy(arena, text, strlen(text)) : NULL;
}

void mlg_check_note(struct mlg_check_result *result, const char *text, struct mlg_arena *arena)
{
    if (!result->notes)
        result->notes = MLG_NEW_ARRAY(arena, const char *, MLG_CHECK_NOTES);
    if (result->notes && text && result->note_count < MLG_CHECK_NOTES)
        result->notes[result->note_count++] = text;
}

/* ---- after it was measured ------------------------------------------------------------------------ */

static void set_bounds(const struct mlg_bounds *bounds, struct mlg_check_result *result)
{
    result->method = mlg_methods[bounds->known ? bounds->method : MLG_METHOD_NONE].name;
    if (!bounds->known)
        return;
    result->lower = (struct mlg_optional){isfinite(bounds->lower), bounds->lower};
    result->upper = (struct mlg_optional){isfinite(bounds->upper), bounds->upper};
}

void mlg_check_not_measured(struct mlg_check_result *result, const char *reason)
{
    result->verdict = MLG_VERDICT_ERROR;
    result->reason = reason;
}

static void judge(const struct mlg_check *check, const struct mlg_settings *settings,
                  const struct mlg_evidence *evidence, struct mlg_arena *arena,
                  struct mlg_check_result *result)
{
    struct mlg_judgement judgement;
    mlg_judge(evidence, check->comparator, &check->limit, settings, &judgement);
    set_bounds(&judgement.bounds, result);
    result->verdict = judgement.verdict;
    result->decided_by = judgement.decided_by;
    result->fail_probability = judgement.fail_probability;
    if (judgement.rows_needed)
        result->rows_needed = (struct mlg_optional){true, (double)judgement.rows_needed};
    result->reason = mlg_kept_text(judgement.reason, arena);
}

void mlg_check_measured(const struct mlg_check *check, const struct mlg_settings *settings,
                        const struct mlg_evidence *evidence, double minimum, double maximum,
                        struct mlg_arena *arena, struct mlg_check_result *result)
{
    result->n = evidence->n;
    result->rows = evidence->rows ? evidence->rows : evidence->n;
    if (evidence->kind != MLG_UNDEFINED && isfinite(evidence->value))
        result->estimate = (struct mlg_optional){true, evidence->value};
    if (evidence->note[0])
        mlg_check_note(result, mlg_kept_text(evidence->note, arena), arena);
    if (check->comparator == MLG_NO_COMPARATOR) {
        const struct mlg_bounds bounds =
            mlg_interval(evidence, settings->confidence, mlg_settings_method(settings), 1);
        set_bounds(&bounds, result);
        result->reason = mlg_kept_text(evidence->reason, arena);
        result->verdict = MLG_NOT_APPLICABLE;
        return;
    }
    judge(check, settings, evidence, arena, result);
    if (mlg_limit_judge(check->comparator, &check->limit, minimum, maximum) == MLG_LIMIT_NEVER_FAILS) {
        result->limit_never_fails = true;
        mlg_check_note(result, "this limit can never fail: every possible value meets it", arena);
    }
}
