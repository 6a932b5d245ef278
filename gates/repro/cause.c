/* What makes runs differ, or the command fail: sought with few runs more among what is varied.
 *
 * rerun/culprit.c says which set to vary next; what is told of its answer stands here.
 */
#include <limits.h>
#include <string.h>

#include "mlgate/text.h"
#include "mlgate/verdict.h"
#include "repro_private.h"

/* What made one check not pass, sought among the runs of one seed. */
struct search {
    struct repro_run *state;
    size_t check;
    bool moved;          /* it is inconclusive, and runs differ */
    bool adds_up;        /* no run alone is beyond the limit: any change counts */
    bool is_tiny;        /* all that differs are last bits of numbers */
    const char *told;    /* the part that a note tells of; NULL: none does */
    const char *seed;    /* of the runs that differ, and of those that are made; NULL: none */
    size_t most_runs;    /* in all; when they are made, the budget is spent */
    const char **failed; /* what became of a run that looked for any cause: no other is made; NULL: nothing */
    const char *problem; /* why this search came to no end, as a clause; NULL: nothing */
};

struct cause {
    const char *text, *brief, *advice; /* brief: for the second check on that has the same */
    const char *plain; /* what differs between runs that varied nothing, where it is another part than what
                          is told; NULL: nothing is to be told of it */
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
    const struct mlg_call *call = &search->state->calls[search->check];
    const enum mlg_repro_kind kind = mlg_repro_kernel_of(call)->kind;
    const bool is_of_all = kind == MLG_REPRO_SPREAD || kind == MLG_REPRO_VERDICTS;
    bool same = false;
    *answer = false;
    int code = is_of_all ? MLG_OK : repro_find_same(search->state, search->check, run, &same, error);
    if (code != MLG_OK || same)
        return code;
    code =
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

/* Does any of the runs differ? */
static int any_differs(const struct search *search, bool *answer, struct mlg_error *error)
{
    const struct repro_run *state = search->state;
    *answer = false;
    for (size_t r = 1; r < state->run_count && !*answer; r++) {
        const int code =
            is_compared(search, state->runs[r]) ? differs(search, state->runs[r], answer, error) : MLG_OK;
        if (code != MLG_OK)
            return code;
    }
    return MLG_OK;
}

/* Did runs go at a time that are compared? Those that look for a cause go alone. */
static bool went_at_a_time(const struct repro_run *state)
{
    for (size_t r = 0; r < state->run_count; r++)
        if (state->runs[r]->at_once > 1)
            return true;
    return false;
}

/* "with threads alone varied", "with nothing varied" */
static const char *varied_words(mlg_variation_set set, struct mlg_arena *arena)
{
    const char *words = set ? mlg_variation_words(set, arena) : "nothing";
    return mlg_arena_format(arena, "with %s%s varied", words ? words : "something",
                            mlg_variation_size(set) == 1 ? " alone" : "");
}

/* Tells the search what runs show that have been made. One that went beside others shows nothing of what it
 * varied: that is to be seen alone. */
static int observe_runs(struct search *search, struct mlg_culprit *culprit)
{
    const struct repro_run *state = search->state;
    for (size_t r = 1; r < state->run_count; r++) {
        const struct mlg_rerun_run *run = state->runs[r];
        struct mlg_error own = {0};
        bool answer = false;
        if (!is_compared(search, run) || (run->at_once > 1 && run->varied != 0))
            continue;
        const int code = differs(search, run, &answer, &own);
        if (code == MLG_OK && (run->at_once == 1 || answer))
            mlg_culprit_observe(culprit, run->varied, answer);
        else if (code == MLG_INTERNAL)
            return code;
    }
    return MLG_OK;
}

/* Makes a run that the search wants; where that is not to be had, the search ends. Whatever becomes of it,
 * what was judged before stays as it is. */
static void make_run(struct search *search, mlg_variation_set set, struct mlg_culprit *culprit)
{
    struct repro_run *state = search->state;
    struct mlg_arena *arena = state->run->arena;
    struct mlg_error own = {0};
    bool answer = false;
    if (*search->failed || state->begun >= search->most_runs) {
        search->problem = *search->failed;
        mlg_culprit_stop(culprit);
        return;
    }
    const bool is_made = repro_run_once(state, set, search->seed, &own) == MLG_OK;
    if (is_made && differs(search, state->runs[state->run_count - 1], &answer, &own) == MLG_OK) {
        mlg_culprit_tell(culprit, answer);
        return;
    }
    search->problem =
        mlg_arena_format(arena, "%s, %s%s", varied_words(set, arena),
                         is_made ? "the runs could not be compared: " : "", repro_error_text(state, &own));
    if (!is_made)
        *search->failed = search->problem;
    mlg_culprit_stop(culprit);
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

/* Do the first bytes of the file hold the variable that libfaketime gives another value in each run? */
static bool holds_variable_of_faketime(const struct mlg_world *world, const char *path, char *bytes,
                                       size_t most)
{
    static const char value[] = "/faketime_sem_";
    const size_t size = sizeof value - 1;
    struct mlg_error ignored = {0};
    struct mlg_file file;
    if (world->open(world->self, path, &file, &ignored) != MLG_OK)
        return false;
    const int64_t got = world->read(world->self, &file, 0, bytes, most, &ignored);
    world->close(world->self, &file);
    for (const char *end = bytes + (got > 0 ? got : 0), *at = bytes; (size_t)(end - at) >= size; at++) {
        at = memchr(at, value[0], (size_t)(end - at) - size + 1);
        if (!at || memcmp(at, value, size) == 0)
            return at != NULL;
    }
    return false;
}

/* In any run: where an earlier program left what it takes for that it is not set. */
static bool is_of_faketime(const struct search *search)
{
    enum { LOOKED_AT = 1 << 20 };
    const struct repro_run *state = search->state;
    const char *name = state->calls[search->check].arguments.file;
    const size_t output = name ? repro_output_index(state->options, name) : state->options->outputs.count;
    char *bytes = mlg_arena_alloc(state->run->arena, LOOKED_AT, 1);
    bool answer = false;
    if (!bytes || output >= state->options->outputs.count || !(state->possible & mlg_variation_of("time")))
        return false;
    for (size_t r = 0; r < state->run_count && !answer; r++)
        answer = holds_variable_of_faketime(state->run->world, state->runs[r]->outputs[output].path, bytes,
                                            LOOKED_AT);
    return answer;
}

/* What differs between runs of which nothing was varied, where that is another part than the worst runs have:
 * its cause is the one that is told. */
static const char *describe_plain(const struct search *search)
{
    const struct repro_run *state = search->state;
    const struct mlg_call *call = &state->calls[search->check];
    const bool is_distance = !repro_is_predicate(call);
    for (size_t r = 1; search->told && r < state->run_count; r++) {
        struct finding finding = {0};
        struct mlg_error own = {0};
        if (!is_compared(search, state->runs[r]) || state->runs[r]->varied != 0 ||
            repro_look_at_run(state, search->check, state->runs[r], &finding, &own) != MLG_OK)
            continue;
        const char *part = repro_told_part(&finding, is_distance);
        if (!part)
            continue;
        if (strcmp(part, search->told) == 0)
            return NULL;
        return mlg_arena_format(
            state->run->arena, "with nothing varied, %s",
            repro_describe(&finding, call->arguments.file, is_distance, state->run->arena));
    }
    return NULL;
}

static void tell_chance(const struct search *search, const char *seen, struct cause *cause)
{
    const struct repro_run *state = search->state;
    struct mlg_arena *arena = state->run->arena;
    const bool has_number = repro_command_has(state->options, "{run}"), is_beside = went_at_a_time(state);
    const char *others = is_beside ? ", a race, or what goes at a time, as the runs that look for the cause "
                                     "do not ('parallel')"
                         : state->options->inputs.count > 0
                             ? ", or a race"
                             : ", a race, or what an earlier run left in the directory (with 'inputs' each "
                               "run has a fresh one)";
    cause->brief = mlg_arena_format(arena, "%schance in the command itself%s",
                                    has_number ? "{run}, which the command is given, or " : "",
                                    is_beside ? ", or what goes at a time" : "");
    cause->text = mlg_arena_format(
        arena,
        "%s: %schance in the command itself: numbers at random without a seed, an order by hashes or "
        "addresses, the clock%s",
        seen,
        has_number ? "the command itself is given {run}, which is another number in each run; that, or " : "",
        others);
    cause->plain = describe_plain(search);
    cause->advice =
        search->is_tiny
            ? mlg_arena_format(arena,
                               "%sdifferences this small look like sums that threads add in another "
                               "order: fix how many there are (OMP_NUM_THREADS=1, n_jobs=1), or allow them "
                               "by 'tolerance' or 'relative', or by a limit of max_abs_difference or "
                               "max_score_change that is above 0; else set every seed",
                               has_number ? "leave {run} out of what decides the result; " : "")
        : has_number
            ? "leave {run} out of what decides the result; set every seed, sort what comes from sets, files "
              "and threads, and leave dates out of what is written"
            : "set every seed, sort what comes from sets, files and threads, and leave dates out of what is "
              "written";
    if (!is_of_faketime(search))
        return;
    cause->text = mlg_arena_format(arena,
                                   "%s: FAKETIME_SHARED is among what is written, which libfaketime sets to "
                                   "another value in each run where "
                                   "time is varied; that, or chance in the command itself",
                                   seen);
    cause->brief = "FAKETIME_SHARED, which libfaketime sets, or chance in the command itself";
    cause->advice = mlg_arena_format(
        arena, "write the variables that are meant, and not all of them, or vary no 'time'; %s",
        cause->advice);
}

/* "'budget' allows no more runs to find it" */
static const char *why_no_runs(const struct search *search)
{
    const struct repro_run *state = search->state;
    return search->problem                    ? search->problem
           : state->begun < search->most_runs ? NULL
           : state->begun > state->asked      ? "'budget' allows no more runs to find it"
                                              : "'budget' allows no runs to find it";
}

static void tell_among(const struct search *search, const struct mlg_culprit *culprit, struct cause *cause)
{
    struct mlg_arena *arena = search->state->run->arena;
    const char *words = mlg_variation_words(culprit->set, arena), *why = why_no_runs(search);
    const bool is_one = mlg_variation_size(culprit->set) == 1;
    cause->text = cause->brief =
        culprit->at_times
            ? mlg_arena_format(arena, "varying %s%s makes runs differ at times, or it is chance",
                               is_one ? "" : "one or more of ", words ? words : "")
            : mlg_arena_format(arena, "what matters is %s%s%s", is_one ? "" : "among ", words ? words : "",
                               culprit->plain == 0 ? ", or it is chance" : "");
    if (culprit->at_times)
        cause->text = mlg_arena_format(
            arena, "%s: %u of %u runs that varied %s differ, and none of %u that varied nothing",
            cause->brief, culprit->with_that_differ, culprit->with, is_one ? "it" : "all of them",
            culprit->plain);
    if (why)
        cause->text = mlg_arena_format(arena, "%s; %s", cause->text, why);
    cause->advice =
        search->problem ? "see to it that the command ends well whatever is varied, or vary fewer things"
        : !culprit->at_times
            ? "allow more runs with 'budget', or vary fewer things"
            : mlg_arena_format(
                  arena, "%s%slook for races, and set every seed; more runs ('budget') tell more",
                  is_one ? describe_variation(culprit->set, true, arena) : "", is_one ? "; or " : "");
}

/* Plain runs have fixed ones where they are varied, and every variable that another sets moves them. */
static mlg_variation_set addresses(void)
{
    return mlg_variation_of("aslr");
}

static void tell_named(const struct search *search, const struct mlg_culprit *culprit, struct cause *cause)
{
    struct mlg_arena *arena = search->state->run->arena;
    const char *why = culprit->is_confirmed ? NULL : why_no_runs(search);
    const char *how_often =
        !culprit->at_times ? ""
                           : mlg_arena_format(arena,
                                              ", at times: %u of %u runs that varied it differ, and none of "
                                              "%u that varied nothing",
                                              culprit->with_that_differ, culprit->with, culprit->plain);
    cause->text = mlg_arena_format(
        arena, "the culprit is %s%s%s%s%s%s", describe_variation(culprit->set, false, arena), how_often,
        culprit->is_confirmed ? "" : ", not seen often enough to be sure",
        !culprit->others_known || !culprit->others ? ""
        : culprit->set == addresses()
            ? "; others of those that are varied may matter too, or move addresses alone: mend this first"
            : "; others of those that are varied matter too",
        why ? "; " : "", why ? why : "");
    cause->brief = mlg_arena_format(arena, "the culprit is %s%s", mlg_variation_words(culprit->set, arena),
                                    culprit->at_times ? ", at times" : "");
    cause->advice = describe_variation(culprit->set, true, arena);
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

/* Among what is varied, with plain runs between. */
static int search_variations(struct search *search, struct cause *cause)
{
    struct mlg_culprit culprit;
    mlg_variation_set set;
    mlg_culprit_begin(&culprit, search->state->possible, UINT_MAX);
    mlg_culprit_try_first(&culprit, addresses());
    const int code = observe_runs(search, &culprit);
    while (code == MLG_OK && mlg_culprit_next(&culprit, &set))
        make_run(search, set, &culprit);
    switch (culprit.kind) {
    case MLG_CULPRIT_NAMED:
        tell_named(search, &culprit, cause);
        break;
    case MLG_CULPRIT_AMONG:
        tell_among(search, &culprit, cause);
        break;
    case MLG_CULPRIT_CHANCE:
        tell_chance(search, "runs in the same surroundings differ", cause);
        break;
    case MLG_CULPRIT_NONE:
    case MLG_CULPRIT_OPEN:
        tell_chance(search, "what differed once was the same another time", cause);
        break;
    }
    return code;
}

/* What makes runs differ. */
static int find_culprit(struct search *search, struct cause *cause, struct mlg_error *error)
{
    struct repro_run *state = search->state;
    struct mlg_arena *arena = state->run->arena;
    bool answer = false, is_artefact = false;
    int code = any_differs(search, &answer, error);
    if (code == MLG_OK && !answer)
        code = look_for_artefact(search, &is_artefact, error);
    if (code == MLG_OK && !answer && !is_artefact) {
        search->adds_up = true;
        code = any_differs(search, &answer, error);
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
    code = search_variations(search, cause);
    if (code == MLG_OK && search->adds_up)
        cause->text = mlg_arena_format(
            arena, "no run alone is beyond the limit, what changes in them adds up; %s", cause->text);
    return code;
}

/* How many runs there may be when this search ends. A budget that is given is one for all of them. */
static size_t most_runs(const struct repro_run *state)
{
    const size_t own = 2 * (size_t)mlg_culprit_budget(mlg_variation_size(state->possible));
    return state->options->budget == REPRO_BUDGET_OF_ITS_OWN ? state->begun + own
                                                             : state->asked + (size_t)state->options->budget;
}

int repro_explain(struct repro_run *state, const struct to_explain *checks, struct mlg_error *error)
{
    static const enum mlg_verdict shown[] = {MLG_FAIL, MLG_VERDICT_ERROR, MLG_INCONCLUSIVE};
    struct mlg_arena *arena = state->run->arena;
    const size_t count = state->run->config->checks.count;
    struct cause *causes = MLG_NEW_ARRAY(arena, struct cause, count + 1);
    const char *failed = NULL;
    if (!causes)
        return repro_no_memory(error);
    for (size_t c = 0; c < count; c++) {
        struct search search = {.state = state,
                                .check = c,
                                .moved = checks[c].moved,
                                .seed = checks[c].seed,
                                .told = checks[c].told,
                                .is_tiny = checks[c].is_tiny,
                                .most_runs = most_runs(state),
                                .failed = &failed};
        struct mlg_error own = {0};
        if (!checks[c].is_wanted || find_culprit(&search, &causes[c], &own) == MLG_OK)
            continue;
        /* The verdict stands, and is all that is known. */
        causes[c].text = causes[c].brief =
            mlg_arena_format(arena, "what makes runs differ is not known: %s", repro_error_text(state, &own));
    }
    for (size_t v = 0; v < sizeof shown / sizeof *shown; v++)
        for (size_t c = 0; c < count; c++) {
            if (!checks[c].is_wanted || checks[c].result->verdict != shown[v] || !causes[c].text)
                continue;
            bool is_told = false;
            for (size_t before = 0; before < count; before++)
                is_told = is_told ||
                          (causes[before].is_told && mlg_text_equal(causes[before].text, causes[c].text));
            if (causes[c].plain)
                mlg_check_note(checks[c].result, causes[c].plain, arena);
            mlg_check_note(checks[c].result, is_told ? causes[c].brief : causes[c].text, arena);
            checks[c].result->advice =
                causes[c].advice && checks[c].ignorable
                    ? mlg_arena_format(arena, "%s; %s", causes[c].advice, checks[c].ignorable)
                    : causes[c].advice;
            causes[c].is_told = true;
        }
    return MLG_OK;
}

/* ---- where the command fails ------------------------------------------------------------------------ */

/* Makes a run that nobody will look at. */
static int try_once(struct repro_run *state, mlg_variation_set varied, const char *seed, bool *fails,
                    struct mlg_error *error)
{
    struct mlg_rerun_run *made = NULL;
    state->begun++;
    const int code = mlg_rerun_run(state->rerun, varied, seed, &made, error);
    *fails = code != MLG_OK && made && made->has_failed;
    return *fails ? MLG_OK : code;
}

/* "the culprit is timezone (another TZ)"; NULL: it is not known. */
static const char *name_failing(const struct repro_run *state, const struct mlg_culprit *culprit,
                                bool is_beside)
{
    struct mlg_arena *arena = state->run->arena;
    const char *text = NULL;
    if (culprit->kind == MLG_CULPRIT_CHANCE)
        return "another run that varied nothing failed as well, which is chance in the command itself";
    if (culprit->kind == MLG_CULPRIT_AMONG)
        return mlg_arena_format(arena,
                                culprit->at_times
                                    ? "varying one or more of %s makes it fail at times, or it is chance in "
                                      "the command itself"
                                    : "what matters is among %s; 'budget' allows no more runs to find it",
                                mlg_variation_words(culprit->set, arena));
    if (culprit->kind != MLG_CULPRIT_NAMED)
        return is_beside ? "with the same varied a run that went alone ended well, which is chance in the "
                           "command itself, or what goes at a time ('parallel')"
                         : "where it failed once it ended well another time, which is chance in the command "
                           "itself";
    for (size_t i = 0; i < mlg_variation_count; i++)
        if (culprit->set >> i & 1)
            text = mlg_arena_format(arena, "%s%s (%s)",
                                    text ? mlg_arena_format(arena, "%s and ", text) : "the culprit is ",
                                    mlg_variations[i].name, mlg_variations[i].sets);
    return text ? mlg_arena_format(arena, "%s%s%s", text, culprit->at_times ? ", at times" : "",
                                   culprit->is_confirmed ? "" : ", not seen often enough to be sure")
                : NULL;
}

void repro_explain_failure(struct repro_run *state, const struct mlg_rerun_run *failed,
                           struct mlg_error *error)
{
    const bool is_own = state->options->budget == REPRO_BUDGET_OF_ITS_OWN;
    const unsigned most = is_own ? 2 * mlg_culprit_budget(mlg_variation_size(failed->varied))
                                 : (unsigned)state->options->budget;
    struct mlg_error own = {0};
    struct mlg_culprit culprit;
    mlg_variation_set set;
    bool fails = false;
    if (most == 0 || failed->outcome.end == MLG_COMMAND_TIMED_OUT || !repro_first_of(state, failed->seed)) {
        repro_tell_failure(state, failed, NULL, error);
        return;
    }
    mlg_culprit_begin(&culprit, failed->varied, most);
    mlg_culprit_try_first(&culprit, addresses());
    if (failed->at_once == 1) /* else it is to be seen whether it fails alone */
        mlg_culprit_observe(&culprit, failed->varied, true);
    for (size_t r = 0; r < state->run_count; r++)
        if (state->runs[r]->seed == failed->seed)
            mlg_culprit_observe(&culprit, state->runs[r]->varied, false);
    while (mlg_culprit_next(&culprit, &set)) {
        if (try_once(state, set, failed->seed, &fails, &own) != MLG_OK) {
            repro_tell_failure(state, failed, NULL, error);
            return;
        }
        mlg_culprit_tell(&culprit, fails);
    }
    repro_tell_failure(state, failed, name_failing(state, &culprit, failed->at_once > 1), error);
}
