/* by_slice: the checks of a gate on all rows and on every slice of its `slices`, in parallel; what slices
 * lost, lack or never had becomes an error of the check that asks for them. */
#include <string.h>

#include "mlgate/by_slice.h"
#include "mlgate/parallel.h"
#include "mlgate/text.h"
#include "mlgate/verdict.h"

/* One slice of one slicing, with a result for every check that runs on it. */
struct task {
    size_t slicing; /* index in by->slicings */
    size_t slice;
    struct mlg_check_result *results; /* one per check */
    bool *runs;                       /* which of them */
    struct mlg_arena scratch;         /* sorted scores of this slice, freed after it */
    struct mlg_arena keep;            /* texts of the results, copied when all slices are judged */
    int code;
    struct mlg_error error;
};

struct judging {
    const struct mlg_by_slice *by;
    struct task *tasks;
    size_t task_count;
    struct mlg_on **on; /* [check][entry of `on`] */
    bool **met;         /* [check][entry]: a slice has that name */
    size_t absent_most;
};

static const struct mlg_slices *slices_of(const struct mlg_by_slice *by, const struct task *task)
{
    return &by->scan->slicings[by->slicings[task->slicing]];
}

/* Which entries of `on` name the slice; the check runs on it where one does. */
static bool runs_on(const struct mlg_settings *settings, const struct mlg_on *on,
                    const struct mlg_slicing *slicing, const struct mlg_slice *slice, bool *met)
{
    bool runs = settings->on.count == 0;
    for (size_t i = 0; i < settings->on.count; i++)
        if (mlg_on_covers(&on[i], slicing, slice->values)) {
            met[i] = true;
            runs = true;
        }
    return runs;
}

/* Why the slice lost too many rows; NULL: it did not. */
static const char *lost_slice(const struct mlg_by_slice *by, struct task *task)
{
    const struct mlg_slices *slices = slices_of(by, task);
    const struct mlg_slice *slice = &slices->items[task->slice];
    return slice->dropped ? mlg_lost_slice(by->scan, slice,
                                           mlg_slice_text(slice->columns, slice->values, slice->column_count,
                                                          slices->slicing && slices->slicing->is_comparison,
                                                          &task->keep),
                                           &task->keep)
                          : NULL;
}

static int judge_check(const struct judging *judging, struct task *task, size_t check, struct mlg_view *view,
                       struct mlg_view *other)
{
    const struct mlg_by_slice *by = judging->by;
    struct mlg_check_result *result = &task->results[check];
    const char *refused = by->refuses(by->context, check);
    if (refused) {
        mlg_check_not_measured(result, refused);
        return MLG_OK;
    }
    const struct mlg_slice *slice = &slices_of(by, task)->items[task->slice];
    const char *lost = lost_slice(by, task);
    if (lost && (result->comparator || slice->rows == 0)) {
        mlg_check_not_measured(result, lost);
        return MLG_OK;
    }
    if (lost)
        mlg_check_note(result, lost, &task->keep);
    if (slice->declared_absent) {
        mlg_check_not_measured(result, "no row has this value, which 'slices' declares");
        return MLG_OK;
    }
    return by->judge(by->context, check, view, other, &task->keep, result, &task->error);
}

/* The slice of the other scan with the same values; false: it has none. */
static bool same_slice(const struct mlg_by_slice *by, const struct task *task, size_t *slice)
{
    const struct mlg_slice *mine = &slices_of(by, task)->items[task->slice];
    const struct mlg_slices *others = &by->other->slicings[by->other_slicings[task->slicing]];
    for (size_t i = 0; i < others->count; i++) {
        bool same = !others->items[i].declared_absent;
        for (size_t k = 0; same && k < mine->column_count; k++)
            same = mlg_text_equal(mine->values[k], others->items[i].values[k]);
        if (same) {
            *slice = i;
            return true;
        }
    }
    return false;
}

static void judge_slice(void *context, size_t index)
{
    const struct judging *judging = context;
    const struct mlg_by_slice *by = judging->by;
    struct task *task = &judging->tasks[index];
    struct mlg_view view = {.scan = by->scan,
                            .baseline = by->baseline,
                            .slicing = by->slicings[task->slicing],
                            .slice = task->slice,
                            .scratch = &task->scratch};
    struct mlg_view other = {.scan = by->other, .scratch = &task->scratch};
    const bool has_other = by->other && same_slice(by, task, &other.slice);
    if (has_other)
        other.slicing = by->other_slicings[task->slicing];
    for (size_t i = 0; task->code == MLG_OK && i < by->run->config->checks.count; i++)
        if (task->runs[i])
            task->code = judge_check(judging, task, i, &view, has_other ? &other : NULL);
    mlg_arena_free(&task->scratch);
}

/* A check on one slice, before anything was measured. False: no memory. */
static bool begin_result(const struct judging *judging, size_t check, const char *const *columns,
                         const char *const *values, size_t count, bool is_comparison,
                         struct mlg_check_result *result)
{
    const struct mlg_gate_config *config = judging->by->run->config;
    const struct mlg_check_config *item = &config->checks.items[check];
    struct mlg_arena *arena = judging->by->run->arena;
    const char *name = mlg_slice_text(columns, values, count, is_comparison, arena);
    mlg_check_result_begin(result, config, item, arena);
    result->warns_only = item->settings.on_inconclusive == MLG_WARN;
    if (name && name[0])
        result->id = mlg_arena_format(arena, "%s / %s", result->id, name);
    result->slice = MLG_NEW_ARRAY(arena, struct mlg_pair, count);
    for (size_t k = 0; result->slice && k < count; k++)
        result->slice[result->slice_count++] = (struct mlg_pair){columns[k], values[k]};
    return name && result->id && (count == 0 || result->slice);
}

/* What the entries of `on` mean, check by check, and which of them a slice has met. */
static bool read_on(struct judging *judging)
{
    const struct mlg_checks *checks = &judging->by->run->config->checks;
    struct mlg_arena *arena = judging->by->run->arena;
    judging->on = MLG_NEW_ARRAY(arena, struct mlg_on *, checks->count);
    judging->met = MLG_NEW_ARRAY(arena, bool *, checks->count);
    if (checks->count && (!judging->on || !judging->met))
        return false;
    for (size_t c = 0; c < checks->count; c++) {
        const struct mlg_texts *on = &checks->items[c].settings.on;
        judging->on[c] = MLG_NEW_ARRAY(arena, struct mlg_on, on->count + 1);
        judging->met[c] = MLG_NEW_ARRAY(arena, bool, on->count + 1);
        if (!judging->on[c] || !judging->met[c])
            return false;
        for (size_t i = 0; i < on->count; i++)
            if (!mlg_on_parse(on->items[i], &judging->on[c][i], arena))
                return false;
        judging->absent_most += on->count;
    }
    return true;
}

static bool is_sliced(const struct mlg_by_slice *by, size_t check)
{
    return !by->whole || !by->whole[check];
}

/* The slices of all slicings, all rows first, as tasks; results begun. */
static int make_tasks(struct judging *judging, struct mlg_arena *arena)
{
    const struct mlg_by_slice *by = judging->by;
    const struct mlg_gate_config *config = by->run->config;
    size_t count = 0;
    for (size_t s = 0; s < by->slicing_count; s++)
        count += by->scan->slicings[by->slicings[s]].count;
    judging->tasks = MLG_NEW_ARRAY(arena, struct task, count);
    if (!judging->tasks || !read_on(judging))
        return MLG_LIMIT;
    for (size_t s = 0; s < by->slicing_count; s++) {
        const struct mlg_slices *slices = &by->scan->slicings[by->slicings[s]];
        bool is_comparison = slices->slicing && slices->slicing->is_comparison;
        for (size_t i = 0; i < slices->count; i++) {
            const struct mlg_slice *slice = &slices->items[i];
            struct task *task = &judging->tasks[judging->task_count++];
            task->slicing = s;
            task->slice = i;
            task->results = MLG_NEW_ARRAY(arena, struct mlg_check_result, config->checks.count);
            task->runs = MLG_NEW_ARRAY(arena, bool, config->checks.count);
            if (!task->results || !task->runs)
                return MLG_LIMIT;
            for (size_t c = 0; c < config->checks.count; c++) {
                if (slice->column_count > 0 && !is_sliced(by, c))
                    continue;
                task->runs[c] = runs_on(&config->checks.items[c].settings, judging->on[c], slices->slicing,
                                        slice, judging->met[c]);
                if (!begin_result(judging, c, slice->columns, slice->values, slice->column_count,
                                  is_comparison, &task->results[c]))
                    return MLG_LIMIT;
            }
        }
    }
    return MLG_OK;
}

/* A slice that `on` names and no row is in: an error of its own, where the check would else vanish. */
static int add_absent(const struct judging *judging, size_t check, struct mlg_gate_result *result)
{
    const struct mlg_by_slice *by = judging->by;
    const struct mlg_texts *entries = &by->run->config->checks.items[check].settings.on;
    for (size_t i = 0; i < entries->count; i++) {
        const struct mlg_on *on = &judging->on[check][i];
        struct mlg_check_result absent;
        if (judging->met[check][i] || (!on->all && !is_sliced(by, check)))
            continue;
        if (!begin_result(judging, check, on->columns, on->values, on->column_count, false, &absent))
            return MLG_LIMIT;
        absent.verdict = absent.underlying = MLG_VERDICT_ERROR;
        absent.reason = mlg_absent_slice(by->scan, by->slicings, by->slicing_count, on, by->run->arena);
        if (absent.comparator)
            result->checks[result->check_count++] = absent;
        else
            result->reported[result->reported_count++] = absent;
    }
    return MLG_OK;
}

/* False: no memory. */
static bool keep_text(const char **text, struct mlg_arena *arena)
{
    return !*text || (*text = mlg_arena_copy(arena, *text, strlen(*text)));
}

/* False: no memory. */
static bool keep_texts(const char ***texts, size_t count, struct mlg_arena *arena)
{
    if (count == 0)
        return true;
    const char **kept = MLG_NEW_ARRAY(arena, const char *, count);
    bool memory = kept != NULL;
    for (size_t i = 0; memory && i < count; i++) {
        kept[i] = (*texts)[i];
        memory = keep_text(&kept[i], arena);
    }
    *texts = kept;
    return memory;
}

static bool keep_parts(struct mlg_check_result *result, struct mlg_arena *arena)
{
    if (result->part_count == 0)
        return true;
    struct mlg_part_result *parts = MLG_NEW_ARRAY(arena, struct mlg_part_result, result->part_count);
    bool memory = parts != NULL;
    for (size_t i = 0; memory && i < result->part_count; i++) {
        parts[i] = result->parts[i];
        memory = keep_text(&parts[i].name, arena);
    }
    result->parts = parts;
    return memory;
}

/* What a task's results point to stands in an arena of its own, since an arena belongs to one thread at a
 * time.
 */
static int settle(struct task *task, size_t checks, struct mlg_arena *arena)
{
    int code = MLG_OK;
    for (size_t c = 0; c < checks; c++) {
        struct mlg_check_result *check = &task->results[c];
        if (!keep_text(&check->reason, arena) || !keep_text(&check->advice, arena) ||
            !keep_texts(&check->notes, check->note_count, arena) ||
            !keep_texts(&check->offenders, check->offender_count, arena) || !keep_parts(check, arena))
            code = MLG_LIMIT;
    }
    mlg_arena_free(&task->keep);
    return code;
}

/* Check by check, each on all rows first and then on its slices. */
static int collect(const struct judging *judging, const char *every, struct mlg_arena *arena,
                   struct mlg_gate_result *result)
{
    const struct mlg_gate_config *config = judging->by->run->config;
    size_t most = config->checks.count * judging->task_count + judging->absent_most;
    result->checks = MLG_NEW_ARRAY(arena, struct mlg_check_result, most);
    result->reported = MLG_NEW_ARRAY(arena, struct mlg_check_result, most);
    if (most && (!result->checks || !result->reported))
        return MLG_LIMIT;
    for (size_t c = 0; c < config->checks.count; c++) {
        for (size_t t = 0; t < judging->task_count; t++) {
            struct mlg_check_result *check = &judging->tasks[t].results[c];
            if (!judging->tasks[t].runs[c])
                continue;
            if (!check->comparator) {
                result->reported[result->reported_count++] = *check;
                continue;
            }
            if (every) {
                check->verdict = MLG_VERDICT_ERROR;
                check->reason = every;
                check->advice = NULL; /* of a verdict that it has no more */
            }
            check->underlying = check->verdict;
            result->checks[result->check_count++] = *check;
        }
        if (add_absent(judging, c, result) != MLG_OK)
            return MLG_LIMIT;
    }
    return MLG_OK;
}

/* Told once a column, however many comparisons look at it. */
static void warn_of_uncompared(const struct mlg_by_slice *by)
{
    struct mlg_gate_run *run = by->run;
    const struct mlg_scan *scan = by->scan;
    for (size_t s = 0; s < by->slicing_count; s++) {
        const struct mlg_slices *slices = &scan->slicings[by->slicings[s]];
        bool is_told = slices->uncompared == 0;
        for (size_t k = 0; k < s && !is_told; k++) {
            const struct mlg_slices *earlier = &scan->slicings[by->slicings[k]];
            is_told = earlier->uncompared > 0 &&
                      strcmp(earlier->slicing->columns[0], slices->slicing->columns[0]) == 0;
        }
        if (!is_told)
            mlg_run_warn(run,
                         "%llu of %llu %s of '%s' %s no '%s': no slice that compares it holds "
                         "them",
                         (unsigned long long)slices->uncompared, (unsigned long long)scan->rows,
                         mlg_plural(scan->rows, "row", "rows"), scan->data->name,
                         mlg_plural(slices->uncompared, "has", "have"), slices->slicing->columns[0]);
    }
}

int mlg_plan_slices(struct mlg_gate_run *run, struct mlg_plan *plan, size_t **slicings, size_t *count,
                    struct mlg_error *error)
{
    const struct mlg_slicings *slices = &run->config->slices;
    *slicings = MLG_NEW_ARRAY(run->arena, size_t, slices->count + 1);
    if (!*slicings)
        return mlg_error_set(error, MLG_LIMIT, "no memory to plan the slices");
    *count = 1; /* all rows */
    for (size_t s = 0; s < slices->count; s++) {
        int index = mlg_plan_slicing(plan, &slices->items[s], error);
        if (index < 0)
            return (int)error->code;
        (*slicings)[(*count)++] = (size_t)index;
    }
    return MLG_OK;
}

int mlg_judge_by_slice(const struct mlg_by_slice *by, const char *every, struct mlg_gate_result *result,
                       struct mlg_error *error)
{
    struct mlg_gate_run *run = by->run;
    struct judging judging = {.by = by};
    int code = MLG_OK;
    warn_of_uncompared(by);
    if (make_tasks(&judging, run->arena) != MLG_OK)
        return mlg_error_set(error, MLG_LIMIT, "no memory to judge the gate '%s'", run->config->name);
    mlg_parallel(run->threads, judging.task_count, judge_slice, &judging);
    for (size_t t = 0; t < judging.task_count; t++) {
        struct task *task = &judging.tasks[t];
        int settled = settle(task, run->config->checks.count, run->arena);
        if (code == MLG_OK && (code = task->code) != MLG_OK)
            *error = task->error;
        else if (code == MLG_OK && settled != MLG_OK)
            code = mlg_error_set(error, MLG_LIMIT, "no memory to judge the gate '%s'", run->config->name);
    }
    if (code != MLG_OK)
        return code;
    if (collect(&judging, every, run->arena, result) != MLG_OK)
        return mlg_error_set(error, MLG_LIMIT, "no memory to judge the gate '%s'", run->config->name);
    result->error =
        every ? every
              : mlg_unreached_slice(run->config, by->scan, by->slicings, by->slicing_count, run->arena);
    return MLG_OK;
}
