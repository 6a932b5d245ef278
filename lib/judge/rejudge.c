/* rejudge: the suite's other gates, judged on the files that a run wrote. */
#include <string.h>

#include "mlgate/spread.h"

static bool reads(const struct mlg_gate_config *config, const struct mlg_map *files)
{
    for (size_t i = 0; i < files->count; i++)
        if ((config->data && strcmp(config->data, files->keys[i]) == 0) ||
            (config->gate->reads && config->gate->reads(config, files->keys[i])))
            return true;
    return false;
}

bool mlg_rejudge_reads(const struct mlg_suite *suite, const struct mlg_gate *kind,
                       const struct mlg_map *files)
{
    for (size_t g = 0; g < suite->gate_count; g++)
        if (suite->gates[g].gate != kind && reads(&suite->gates[g], files))
            return true;
    return false;
}

/* The suite with other paths, the gates that matter and nothing else. False: no memory. */
static bool make_suite(const struct mlg_gate_run *run, const struct mlg_map *files, struct mlg_arena *arena,
                       struct mlg_suite *suite)
{
    *suite = *run->suite;
    suite->waiver_count = 0;
    suite->data = MLG_NEW_ARRAY(arena, struct mlg_data, suite->data_count + 1);
    suite->gates = MLG_NEW_ARRAY(arena, struct mlg_gate_config, suite->gate_count + 1);
    if (!suite->data || !suite->gates)
        return false;
    for (size_t d = 0; d < suite->data_count; d++) {
        suite->data[d] = run->suite->data[d];
        for (size_t i = 0; i < files->count; i++)
            if (files->values[i] && strcmp(files->keys[i], suite->data[d].name) == 0) {
                suite->data[d].path = files->values[i];
                suite->data[d].origins = NULL; /* the path is no longer the one that a flag gave */
            }
    }
    suite->gate_count = 0;
    for (size_t g = 0; g < run->suite->gate_count; g++) {
        const struct mlg_gate_config *config = &run->suite->gates[g];
        if (config->gate != run->config->gate && (suite->family == MLG_FAMILY_HOLM || reads(config, files)))
            suite->gates[suite->gate_count++] = *config;
    }
    return true;
}

/* Keeps ids and verdicts beyond `scratch`, in which the results are. */
static bool keep(const struct mlg_results *results, const struct mlg_map *files, struct mlg_arena *arena,
                 struct mlg_rejudged *rejudged)
{
    size_t count = 0;
    for (size_t g = 0; g < results->gate_count; g++)
        count += results->gates[g].check_count;
    rejudged->ids = MLG_NEW_ARRAY(arena, const char *, count + 1);
    rejudged->verdicts = MLG_NEW_ARRAY(arena, enum mlg_verdict, count + 1);
    if (!rejudged->ids || !rejudged->verdicts)
        return false;
    for (size_t g = 0; g < results->gate_count; g++)
        for (size_t c = 0; c < results->gates[g].check_count; c++) {
            const struct mlg_check_result *check = &results->gates[g].checks[c];
            rejudged->ids[rejudged->count] = mlg_arena_copy(arena, check->id, strlen(check->id));
            if (!rejudged->ids[rejudged->count])
                return false;
            rejudged->verdicts[rejudged->count++] = check->verdict;
            if (check->verdict == MLG_VERDICT_ERROR && !rejudged->error)
                rejudged->error = mlg_arena_format(arena, "'%s' could not be judged: %s", check->id,
                                                   check->reason ? check->reason : "no reason is known");
        }
    if (results->error_count > 0 && !rejudged->error)
        rejudged->error = mlg_arena_format(arena, "%s", results->errors[0]);
    for (size_t i = 0; rejudged->error && i < files->count; i++)
        if (files->values[i])
            rejudged->error = mlg_spread_renamed(rejudged->error, files->values[i], files->keys[i], arena);
    return true;
}

int mlg_rejudge(struct mlg_gate_run *run, const struct mlg_map *files, struct mlg_arena *arena,
                struct mlg_rejudged *rejudged, struct mlg_error *error)
{
    struct mlg_arena scratch;
    struct mlg_suite suite;
    struct mlg_results results = {0};
    *rejudged = (struct mlg_rejudged){0};
    mlg_arena_init(&scratch, 0);
    int code = make_suite(run, files, &scratch, &suite)
                   ? mlg_suite_run(&suite, run->world, NULL, 0, run->threads, &scratch, &results, error)
                   : mlg_error_set(error, MLG_LIMIT, "no memory to judge what a run wrote");
    if (code == MLG_OK && !keep(&results, files, arena, rejudged))
        code = mlg_error_set(error, MLG_LIMIT, "no memory to judge what a run wrote");
    mlg_arena_free(&scratch);
    return code;
}
