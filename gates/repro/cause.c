/* What makes runs differ, or the command fail: sought with few runs more among what is varied.
 *
 * rerun/culprit.c says which set to vary next; what is told of its answer stands here.
 */
#include <limits.h>

#include "mlgate/text.h"
#include "mlgate/verdict.h"
#include "repro_private.h"

/* What made one check not pass, sought among the runs of one seed. */
struct search {
    struct repro_run *state;
    size_t check;
    bool moved;       /* it is inconclusive, and runs differ */
    bool adds_up;     /* no run alone is beyond the limit: any change counts */
    const char *seed; /* of the runs that differ, and of those that are made; NULL: none */
    size_t most_runs; /* in all; when they are made, the budget is spent */
    bool *used;       /* [place of the run] the search has looked at it */
};

struct cause {
    const char *text, *brief, *advice; /* brief: for the second check on that has the same */
    bool is_told;
};

/* Would the check fail if these two runs were all? Where too few rows decide nothing (`moved`), do they
 * differ? */
static bool fails(const struct repro_run *state, size_t check, bool moved, const struct finding *finding)
{
    const struct mlg_check *item = &state->run->config->checks.items[check].check;
    if (moved)
        return finding->undefined || finding->value > 0;
    if (repro_is_predicate(&state->calls[check]))
        return !(finding->value > 0);
    const struct mlg_evidence evidence = {.kind = MLG_VALUE_ONLY, .value = finding->value};
    return finding->undefined ||
           (item->comparator != MLG_NO_COMPARATOR && !mlg_meets(&evidence, item->comparator, &item->limit));
}

/* Does this finding show what is sought? */
static bool shows(const struct search *search, const struct finding *finding)
{
    const bool any_change = search->adds_up && !repro_is_predicate(&search->state->calls[search->check]);
    return any_change ? finding->undefined || finding->value > 0
                      : fails(search->state, search->check, search->moved, finding);
}

/* Does the run differ from the first one of its seed in what made the check not pass? */
static int differs(const struct search *search, const struct mlg_rerun_run *run, bool *answer,
                   struct mlg_error *error)
{
    struct finding finding = {0};
    const struct mlg_rerun_run *const both[] = {repro_base_of(search->state, run), run};
    const enum mlg_repro_kind kind = mlg_repro_kernel_of(&search->state->calls[search->check])->kind;
    const int code =
        kind == MLG_REPRO_SPREAD ? repro_find_spread(search->state, search->check, both, 2, &finding, error)
        : kind == MLG_REPRO_VERDICTS ? repro_find_verdicts(search->state, both, 2, &finding, error)
                                     : repro_look_at_run(search->state, search->check, run, &finding, error);
    *answer = code == MLG_OK && shows(search, &finding);
    return code;
}

static bool is_compared(const struct search *search, const struct mlg_rerun_run *run)
{
    return run->seed == search->seed && repro_base_of(search->state, run) != run;
}

/* Does any of the runs differ? `plain_only`: of those that vary nothing; *known says whether there is one. */
static int any_differs(const struct search *search, bool plain_only, size_t *known, bool *answer,
                       struct mlg_error *error)
{
    const struct repro_run *state = search->state;
    *answer = false;
    *known = 0;
    for (size_t r = 1; r < state->run_count && !*answer; r++) {
        if (!is_compared(search, state->runs[r]) || (plain_only && state->runs[r]->varied != 0))
            continue;
        const int code = differs(search, state->runs[r], answer, error);
        if (code != MLG_OK)
            return code;
        ++*known;
    }
    return MLG_OK;
}

/* Makes plain runs until there are so many beside the first, or one differs, or the budget is spent. */
static int make_plain(const struct search *search, size_t wanted, bool *answer, struct mlg_error *error)
{
    struct repro_run *state = search->state;
    size_t known;
    int code = any_differs(search, true, &known, answer, error);
    for (; code == MLG_OK && !*answer && known < wanted && state->run_count < search->most_runs; known++) {
        code = repro_run_once(state, 0, search->seed, error);
        if (code == MLG_OK)
            code = differs(search, state->runs[state->run_count - 1], answer, error);
    }
    return code;
}

/* A run with this set varied: one that is there and that the search has not looked at, else one that is made.
 * NULL: the budget is spent. Of those that varied all, one that differs: they are why there is a search. */
static int take_run(const struct search *search, mlg_variation_set set, const struct mlg_rerun_run **run,
                    bool *answer, struct mlg_error *error)
{
    struct repro_run *state = search->state;
    size_t at = state->run_count;
    int code = MLG_OK;
    *run = NULL;
    *answer = false;
    for (size_t r = 1; r < state->run_count && !*answer; r++) {
        if (search->used[r] || state->runs[r]->varied != set || !is_compared(search, state->runs[r]))
            continue;
        if (at < state->run_count && set != state->possible)
            break;
        code = differs(search, state->runs[r], answer, error);
        if (code != MLG_OK)
            return code;
        at = at == state->run_count || *answer ? r : at;
    }
    if (at == state->run_count) {
        if (state->run_count >= search->most_runs)
            return MLG_OK;
        code = repro_run_once(state, set, search->seed, error);
        if (code == MLG_OK)
            code = differs(search, state->runs[at], answer, error);
        if (code != MLG_OK)
            return code;
    }
    search->used[at] = true;
    *run = state->runs[at];
    return MLG_OK;
}

static const char *describe_variation(mlg_variation_set set, bool remedy, struct mlg_arena *arena)
{
    const char *text = NULL;
    for (size_t i = 0; i < mlg_variation_count; i++)
        if (set & ((mlg_variation_set)1 << i))
            text = remedy ? mlg_arena_format(arena, "%s%s", text ? mlg_arena_format(arena, "%s; ", text) : "",
                                             mlg_variations[i].remedy)
                          : mlg_arena_format(
                                arena, "%s%s (%s: %s)", text ? mlg_arena_format(arena, "%s and ", text) : "",
                                mlg_variations[i].name, mlg_variations[i].sets, mlg_variations[i].detects);
    return text ? text : "";
}

static const char *chance(const struct repro_run *state)
{
    return state->options->inputs.count > 0
               ? "chance in the command itself: numbers at random without a seed, the clock, or a race"
               : "chance in the command itself: numbers at random without a seed, the clock, a race, or what "
                 "an earlier run left in the directory (with 'inputs' each run has a fresh one)";
}

static void tell_chance(const struct search *search, const char *seen, const char *advice,
                        struct cause *cause)
{
    cause->brief = "chance in the command itself";
    cause->text = mlg_arena_format(search->state->run->arena, "%s: %s", seen, chance(search->state));
    cause->advice = advice;
}

static void tell_among(mlg_variation_set set, const char *why, struct cause *cause, struct mlg_arena *arena)
{
    cause->brief = mlg_arena_format(arena, "what matters is among %s", mlg_variation_words(set, arena));
    cause->text = mlg_arena_format(arena, "%s; 'budget' allows %s", cause->brief, why);
    cause->advice = "allow more runs with 'budget', or vary fewer things";
}

/* Is it the artefact alone that the runs are not like? */
static int look_for_artefact(const struct search *search, bool *answer, struct mlg_error *error)
{
    const struct repro_run *state = search->state;
    const enum mlg_repro_kind kind = mlg_repro_kernel_of(&state->calls[search->check])->kind;
    struct finding finding = {0};
    *answer = false;
    if (kind == MLG_REPRO_SPREAD || kind == MLG_REPRO_VERDICTS || !state->options->against ||
        search->seed != state->runs[0]->seed)
        return MLG_OK;
    const int code = repro_look_at_artefact(state, search->check, &finding, error);
    *answer = code == MLG_OK && shows(search, &finding);
    return code;
}

enum {
    /* Plain runs beside the first: before a search, which is not worth its runs where they differ, and before
     * a variation is named. What moves by chance in a share q of the runs passes for the work of a variation
     * where none of these moves and the confirming run does: (1 - q)^3 q, at most 11 %. */
    PLAIN_BEFORE = 1,
    PLAIN_IN_ALL = 3
};

static const char same_surroundings[] = "runs in the same surroundings differ";
static const char advice_of_chance[] =
    "set every seed, sort what comes from sets, files and threads, and leave dates out of what is written";

/* Among the variations, where plain runs are alike. */
static int search_variations(const struct search *search, struct cause *cause, struct mlg_error *error)
{
    const struct repro_run *state = search->state;
    struct mlg_arena *arena = state->run->arena;
    struct mlg_culprit culprit;
    mlg_variation_set set;
    bool answer = false;
    int code = MLG_OK;
    mlg_culprit_begin(&culprit, state->possible, UINT_MAX);
    while (mlg_culprit_next(&culprit, &set)) {
        const struct mlg_rerun_run *run = NULL;
        code = take_run(search, set, &run, &answer, error);
        if (code != MLG_OK)
            return code;
        if (run)
            mlg_culprit_tell(&culprit, answer);
        else
            mlg_culprit_stop(&culprit);
    }
    answer = false;
    if (culprit.kind == MLG_CULPRIT_NAMED)
        code = make_plain(search, PLAIN_IN_ALL, &answer, error);
    if (code == MLG_OK && answer)
        tell_chance(search, same_surroundings, advice_of_chance, cause);
    if (code != MLG_OK || answer)
        return code;
    switch (culprit.kind) {
    case MLG_CULPRIT_NAMED:
        cause->text = mlg_arena_format(
            arena, "the culprit is %s%s%s", describe_variation(culprit.set, false, arena),
            culprit.is_confirmed ? "" : ", seen once",
            culprit.others_known && culprit.others ? "; others of those that are varied matter too" : "");
        cause->brief = mlg_arena_format(arena, "the culprit is %s", mlg_variation_words(culprit.set, arena));
        cause->advice = describe_variation(culprit.set, true, arena);
        break;
    case MLG_CULPRIT_AMONG:
        tell_among(culprit.set | culprit.among, "no more runs to find it", cause, arena);
        break;
    case MLG_CULPRIT_NONE:
    case MLG_CULPRIT_UNSTEADY:
    case MLG_CULPRIT_OPEN:
        tell_chance(search, "what differed once was the same another time",
                    "set every seed, and look for races", cause);
        break;
    }
    return MLG_OK;
}

/* What makes runs differ. */
static int find_culprit(struct search *search, struct cause *cause, struct mlg_error *error)
{
    struct repro_run *state = search->state;
    struct mlg_arena *arena = state->run->arena;
    bool answer = false, is_artefact = false;
    size_t known;
    int code = any_differs(search, false, &known, &answer, error);
    if (code == MLG_OK && !answer)
        code = look_for_artefact(search, &is_artefact, error);
    if (code == MLG_OK && !answer && !is_artefact) {
        search->adds_up = true;
        code = any_differs(search, false, &known, &answer, error);
    }
    if (code != MLG_OK)
        return code;
    if (!answer) {
        cause->text = cause->brief = mlg_arena_format(
            arena, "the runs agree with each other, and not with %s",
            state->options->against ? "'against'" : "the suite's own file, which they take the place of");
        cause->advice = "find out what it was made with: another version, other data or another machine";
        return MLG_OK;
    }
    code = make_plain(search, PLAIN_BEFORE, &answer, error);
    if (code != MLG_OK)
        return code;
    if (answer)
        tell_chance(search, same_surroundings, advice_of_chance, cause);
    else if (state->run_count >= search->most_runs && search->most_runs <= state->asked + 1)
        tell_among(state->possible, "no runs to find it", cause, arena);
    else
        code = search_variations(search, cause, error);
    if (code == MLG_OK && search->adds_up)
        cause->text = mlg_arena_format(
            arena, "no run alone is beyond the limit, what changes in them adds up; %s", cause->text);
    return code;
}

/* How many runs there may be when this search ends. A budget that is given is one for all of them. */
static size_t most_runs(const struct repro_run *state)
{
    const size_t own = 2 * (size_t)mlg_culprit_budget(mlg_variation_size(state->possible)) + PLAIN_IN_ALL;
    return state->options->budget == REPRO_BUDGET_OF_ITS_OWN ? state->run_count + own
                                                             : state->asked + (size_t)state->options->budget;
}

int repro_explain(struct repro_run *state, const struct to_explain *checks, struct mlg_error *error)
{
    static const enum mlg_verdict shown[] = {MLG_FAIL, MLG_VERDICT_ERROR, MLG_INCONCLUSIVE};
    struct mlg_arena *arena = state->run->arena;
    const size_t count = state->run->config->checks.count;
    struct cause *causes = MLG_NEW_ARRAY(arena, struct cause, count + 1);
    if (!causes)
        return repro_no_memory(error);
    for (size_t c = 0; c < count; c++) {
        struct search search = {.state = state,
                                .check = c,
                                .moved = checks[c].moved,
                                .seed = checks[c].seed,
                                .most_runs = most_runs(state),
                                .used = MLG_NEW_ARRAY(arena, bool, REPRO_MOST_RUNS)};
        if (!search.used)
            return repro_no_memory(error);
        const int code = checks[c].is_wanted ? find_culprit(&search, &causes[c], error) : MLG_OK;
        if (code != MLG_OK)
            return code;
    }
    for (size_t v = 0; v < sizeof shown / sizeof *shown; v++)
        for (size_t c = 0; c < count; c++) {
            if (!checks[c].is_wanted || checks[c].result->verdict != shown[v] || !causes[c].text)
                continue;
            bool is_told = false;
            for (size_t before = 0; before < count; before++)
                is_told = is_told ||
                          (causes[before].is_told && mlg_text_equal(causes[before].text, causes[c].text));
            mlg_check_note(checks[c].result, is_told ? causes[c].brief : causes[c].text, arena);
            checks[c].result->advice = causes[c].advice;
            causes[c].is_told = true;
        }
    return MLG_OK;
}

/* ---- where the command fails ------------------------------------------------------------------------ */

/* Makes a run that nobody will look at. */
static int try_once(const struct repro_run *state, mlg_variation_set varied, const char *seed, bool *fails,
                    struct mlg_error *error)
{
    struct mlg_rerun_run *made = NULL;
    const int code = mlg_rerun_run(state->rerun, varied, seed, &made, error);
    *fails = code != MLG_OK && made && made->has_failed;
    return *fails ? MLG_OK : code;
}

/* "the culprit is timezone (another TZ)"; NULL: it is not known. */
static const char *name_failing(const struct repro_run *state, const struct mlg_culprit *culprit)
{
    struct mlg_arena *arena = state->run->arena;
    const char *text = NULL;
    if (culprit->kind == MLG_CULPRIT_AMONG)
        return mlg_arena_format(arena, "what matters is among %s; 'budget' allows no more runs to find it",
                                mlg_variation_words(culprit->set | culprit->among, arena));
    if (culprit->kind != MLG_CULPRIT_NAMED)
        return "where it failed once it ended well another time, which is chance in the command itself";
    for (size_t i = 0; i < mlg_variation_count; i++)
        if (culprit->set >> i & 1)
            text = mlg_arena_format(arena, "%s%s (%s)",
                                    text ? mlg_arena_format(arena, "%s and ", text) : "the culprit is ",
                                    mlg_variations[i].name, mlg_variations[i].sets);
    return text && !culprit->is_confirmed ? mlg_arena_format(arena, "%s, seen once", text) : text;
}

void repro_explain_failure(const struct repro_run *state, const struct mlg_rerun_run *failed,
                           struct mlg_error *error)
{
    const bool is_own = state->options->budget == REPRO_BUDGET_OF_ITS_OWN;
    const size_t most =
        is_own ? 2 * (size_t)mlg_culprit_budget(mlg_variation_size(failed->varied)) + PLAIN_BEFORE
               : (size_t)state->options->budget;
    struct mlg_error own = {0};
    struct mlg_culprit culprit;
    mlg_variation_set set;
    bool fails = false;
    size_t made = 0;
    if (most == 0 || failed->outcome.end == MLG_COMMAND_TIMED_OUT || !repro_first_of(state, failed->seed)) {
        repro_tell_failure(state, failed, NULL, error);
        return;
    }
    if (try_once(state, 0, failed->seed, &fails, &own) != MLG_OK || fails) {
        repro_tell_failure(
            state, failed,
            fails ? "another run that varied nothing failed as well, which is chance in the command itself"
                  : NULL,
            error);
        return;
    }
    made++;
    mlg_culprit_begin(&culprit, failed->varied, UINT_MAX);
    mlg_culprit_tell(&culprit, true); /* all, as it has been seen */
    while (mlg_culprit_next(&culprit, &set)) {
        if (made++ >= most) {
            mlg_culprit_stop(&culprit);
        } else if (try_once(state, set, failed->seed, &fails, &own) == MLG_OK) {
            mlg_culprit_tell(&culprit, fails);
        } else {
            repro_tell_failure(state, failed, NULL, error);
            return;
        }
    }
    repro_tell_failure(state, failed, name_failing(state, &culprit), error);
}
