/* repro: run it again, and see what moves.
 *
 * The command is run several times in fresh surroundings; what the runs wrote is compared by meaning. Where
 * it differs although something was varied between the runs, a search with few runs more names what matters.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlgate/content.h"
#include "mlgate/manifest.h"
#include "mlgate/repro.h"
#include "mlgate/rerun.h"
#include "mlgate/run.h"
#include "mlgate/text.h"
#include "mlgate/verdict.h"

struct repro_options {
    struct mlg_texts run;
    const char *shell, *workdir;
    struct mlg_texts inputs, outputs;
    int64_t runs;
    const char *against, *manifest;
    double timeout;
    int64_t memory;
    struct mlg_map environment;
    struct mlg_texts inherit, vary;
    int64_t budget;
    bool network;
    const char *prediction, *id, *label;
    struct mlg_texts score;
};

#define OPTION(field, kind) MLG_FIELD(struct repro_options, field, kind)

static const struct mlg_param params[] = {
    {.name = "run",
     OPTION(run, texts),
     .argument = "ARGUMENT",
     .group = "command",
     .help = "the command, argument by argument, run in the directory of mlgate.yaml; {output} is the fresh "
             "directory "
             "that it writes to, {run} the number of the run, {input} the directory that it runs in",
     .unset = "what 'shell' says is run"},
    {.name = "shell",
     OPTION(shell, text),
     .argument = "TEXT",
     .group = "command",
     .help = "the command as a text for /bin/sh -c, with the same placeholders",
     .unset = "no shell is used"},
    {.name = "workdir",
     OPTION(workdir, text),
     .argument = "PATH",
     .group = "command",
     .help = "the directory that it runs in",
     .unset = "that of mlgate.yaml; with inputs a fresh one that holds copies of them"},
    {.name = "inputs",
     OPTION(inputs, texts),
     .argument = "PATH",
     .group = "command",
     .help = "files and directories that it reads; a run that changes one is an error",
     .unset = "nothing is copied, and nothing is known to stay as it is"},
    {.name = "outputs",
     OPTION(outputs, texts),
     .required = true,
     .argument = "PATH",
     .group = "command",
     .help = "files that it writes below {output}; one that is missing or empty is an error"},
    {.name = "runs",
     OPTION(runs, integer),
     .minimum = 1,
     .maximum = 1000,
     .argument = "COUNT",
     .group = "command",
     .help = "how often it is run"},
    {.name = "against",
     OPTION(against, text),
     .argument = "PATH",
     .group = "command",
     .help = "what is about to be deployed: a file, or a directory with files of the outputs' names; the "
             "runs are "
             "compared with it too",
     .unset = "the runs are compared with each other"},
    {.name = "manifest",
     OPTION(manifest, text),
     .argument = "PATH",
     .group = "command",
     .help = "a JSON file to write of what the runs were made from and what came of each; 'mlgate repro "
             "--verify PATH' makes the first of them again",
     .unset = "none is written"},
    {.name = "timeout",
     OPTION(timeout, number),
     .minimum = 0.1,
     .maximum = 1e6,
     .argument = "SECONDS",
     .group = "limits",
     .help = "the longest time that a run may take"},
    {.name = "memory",
     OPTION(memory, integer),
     .minimum = 0,
     .maximum = 9007199254740992.0,
     .argument = "BYTES",
     .group = "limits",
     .help = "the most memory that a run may have; 0 is no limit"},
    {.name = "network",
     OPTION(network, boolean),
     .argument = "BOOLEAN",
     .group = "limits",
     .help = "whether a run may use the network; where the system does not allow to take it away, reports "
             "say so"},
    {.name = "environment",
     OPTION(environment, map),
     .argument = "NAME=VALUE",
     .group = "surroundings",
     .help = "variables of every run, which are never varied",
     .unset = "those that are inherited, with HOME and TMPDIR of its own"},
    {.name = "inherit",
     OPTION(inherit, texts),
     .argument = "NAME",
     .group = "surroundings",
     .help = "names of variables that a run inherits beside the usual ones (PATH, LANG, PYTHON*, OMP_* ...)",
     .unset = "the usual ones"},
    {.name = "vary",
     OPTION(vary, texts),
     .argument = "WHAT",
     .group = "surroundings",
     .help = "what all runs but the first vary: threads, hash_seed, locale, timezone, time, home, path, "
             "umask, kernel, "
             "aslr, cpu_count, file_order, environment_order; none",
     .unset = "nothing: the same surroundings, the same results?"},
    {.name = "budget",
     OPTION(budget, integer),
     .minimum = 0,
     .maximum = 1000,
     .argument = "COUNT",
     .group = "surroundings",
     .help = "how many runs more may be made to find out what makes varied runs differ; 0 is none",
     .unset = "as many as naming one culprit takes"},
    {.name = "prediction",
     OPTION(prediction, text),
     .argument = "COLUMN",
     .group = "tables",
     .help = "the column of predictions in outputs, for flips",
     .unset = "no predictions"},
    {.name = "id",
     OPTION(id, text),
     .argument = "COLUMN",
     .group = "tables",
     .help = "the column that names rows in outputs",
     .unset = "rows are matched by place"},
    {.name = "label",
     OPTION(label, text),
     .argument = "COLUMN",
     .group = "tables",
     .help =
         "the column of true labels in outputs, which tells flips to right answers from flips to wrong ones",
     .unset = "no labels"},
    {.name = "score",
     OPTION(score, texts),
     .argument = "COLUMN",
     .group = "tables",
     .help = "the columns of scores in outputs, for max_score_change",
     .unset = "no scores"},
    {0}};

static const char *const written_params[] = {"manifest", NULL};
static const char *const read_params[] = {"inputs", "against", NULL};

enum { BUDGET_OF_ITS_OWN = -1 };
static const struct repro_options defaults = {.runs = 2, .timeout = 600, .budget = BUDGET_OF_ITS_OWN};

/* ---- the config, judged without running ---------------------------------------------------------- */

static bool is_predicate(const struct mlg_call *call)
{
    return mlg_repro_kernel_of(call)->kind == MLG_REPRO_PREDICATE;
}

static bool is_predicate_name(const struct mlg_check *check)
{
    const struct mlg_metric *metric = mlg_repro_find(check->name);
    return metric && ((const struct mlg_repro_kernel *)metric->kernel)->kind == MLG_REPRO_PREDICATE;
}

static bool is_output(const struct repro_options *options, const char *file)
{
    for (size_t i = 0; i < options->outputs.count; i++)
        if (strcmp(options->outputs.items[i], file) == 0)
            return true;
    return false;
}

static void check_one(const struct mlg_gate_config *config, const struct mlg_check_config *item,
                      struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const struct repro_options *options = config->options;
    const struct mlg_check *check = &item->check;
    struct mlg_call call;
    struct mlg_error error = {0};
    if (mlg_repro_resolve(check, arena, &call, &error) != MLG_OK) {
        mlg_check_diagnose(list, MLG_ERROR, item, error.place.column ? error.place.column - 1 : 0, "%s",
                           error.text);
        return;
    }
    const struct mlg_repro_kernel *kernel = mlg_repro_kernel_of(&call);
    const char *file = call.arguments.file;
    if (is_predicate(&call) && check->comparator != MLG_NO_COMPARATOR)
        mlg_node_diagnose(list, MLG_ERROR, item->node,
                          "'%s' holds or does not: write '%s(%s)' without a limit", check->name, check->name,
                          file ? file : "FILE");
    if (check->comparator != MLG_NO_COMPARATOR &&
        mlg_limit_judge(check->comparator, &check->limit, call.metric->minimum, call.metric->maximum) ==
            MLG_LIMIT_IMPOSSIBLE)
        mlg_node_diagnose(list, MLG_ERROR, item->node, "'%s' can never hold: %s is %g or more",
                          check->written, call.metric->name, call.metric->minimum);
    if (file && options->outputs.count > 0 && !is_output(options, file)) {
        const char *near = mlg_nearest(file, options->outputs.items, options->outputs.count);
        mlg_node_diagnose(list, MLG_ERROR, item->node, "'%s' is none of the outputs%s%s%s", file,
                          near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    if (kernel->needs_flips && !options->prediction)
        mlg_node_diagnose(list, MLG_ERROR, item->node,
                          "'%s' looks at predictions; add 'prediction: COLUMN' to the gate", check->written);
    if (strcmp(call.metric->name, "max_score_change") == 0 && options->score.count == 0)
        mlg_node_diagnose(list, MLG_ERROR, item->node,
                          "'%s' looks at scores; add 'score: COLUMN' to the gate", check->written);
    if (mlg_settings_method(&item->settings) != MLG_METHOD_COUNT &&
        !mlg_metric_takes(call.metric, mlg_settings_method(&item->settings)))
        mlg_node_diagnose(list, MLG_ERROR, item->node, "'interval' is not for %s, which is exact",
                          call.metric->name);
    if (item->settings.on.count > 0)
        mlg_node_diagnose(list, MLG_ERROR, item->node, "'%s' has no slices for 'on' to name", check->written);
}

/* The set of `vary`; a word that is none is told. */
static mlg_variation_set read_vary(const struct mlg_gate_config *config, struct mlg_diagnostics *list)
{
    const struct repro_options *options = config->options;
    mlg_variation_set set = 0;
    for (size_t i = 0; i < options->vary.count; i++) {
        const char *word = options->vary.items[i];
        const mlg_variation_set one = mlg_variation_of(word);
        const char *names[33];
        size_t count = 0;
        set |= one;
        if (one || (strcmp(word, "none") == 0 && options->vary.count == 1))
            continue;
        while (count < mlg_variation_count && count < 32) {
            names[count] = mlg_variations[count].name;
            count++;
        }
        const char *near = mlg_nearest(word, names, count);
        if (list)
            mlg_node_diagnose(list, MLG_ERROR, config->node, "'%s' cannot be varied%s%s%s", word,
                              strcmp(word, "none") == 0 ? "; 'none' stands alone"
                              : near                    ? "; did you mean '"
                                                        : "; 'mlgate explain vary' shows what can",
                              strcmp(word, "none") != 0 && near ? near : "",
                              strcmp(word, "none") != 0 && near ? "'?" : "");
    }
    return set;
}

static bool names_output(const struct repro_options *options)
{
    bool found = options->shell && strstr(options->shell, "{output}");
    for (size_t i = 0; i < options->run.count; i++)
        found = found || strstr(options->run.items[i], "{output}");
    return found;
}

static bool leaves(const char *path)
{
    return path[0] == '/' || strcmp(path, "..") == 0 || strncmp(path, "../", 3) == 0 || strstr(path, "/../");
}

static void repro_check(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                        struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const struct repro_options *options = config->options;
    (void)suite;
    if (options->run.count == 0 && !options->shell && !mlg_gate_key_is_lost(config, "run"))
        mlg_node_diagnose(
            list, MLG_ERROR, config->node,
            "'run' is missing; it is the command as a list, as in [python, train.py, --out, \"{output}\"]");
    if (options->run.count > 0 && options->shell)
        mlg_node_diagnose(list, MLG_ERROR, config->node, "'run' and 'shell' are both given; give one");
    if (options->run.count == 1 && strchr(options->run.items[0], ' '))
        mlg_node_diagnose(
            list, MLG_ERROR, config->node,
            "'run' is one argument with spaces in it, '%s'; it is a list of arguments, or write 'shell: %s'",
            options->run.items[0], options->run.items[0]);
    if ((options->run.count > 0 || options->shell) && !names_output(options))
        mlg_node_diagnose(
            list, MLG_ERROR, config->node,
            "the command names no {output}: every run writes to a fresh directory of its own, which "
            "{output} stands for");
    if (options->runs == 1)
        mlg_node_diagnose(list, MLG_ERROR, config->node,
                          "'runs: 1' compares nothing; it takes 2 runs or more");
    for (size_t i = 0; i < options->outputs.count; i++)
        if (leaves(options->outputs.items[i]))
            mlg_node_diagnose(list, MLG_ERROR, config->node, "the output '%s' is not below {output}",
                              options->outputs.items[i]);
    for (size_t i = 0; i < options->inputs.count; i++)
        if (strncmp(options->inputs.items[i], "..", 2) == 0)
            mlg_node_diagnose(
                list, MLG_ERROR, config->node,
                "the input '%s' lies outside of the directory of mlgate.yaml; give its absolute path, "
                "with which it is read where it is",
                options->inputs.items[i]);
    if (config->slices.count > 0)
        mlg_node_diagnose(list, MLG_ERROR, config->node, "outputs have no slices; leave 'slices' out");
    read_vary(config, list);
    for (size_t i = 0; i < config->checks.count; i++)
        check_one(config, &config->checks.items[i], arena, list);
}

static bool needs_data(const struct mlg_gate_config *config)
{
    (void)config;
    return false;
}

/* ---- running ------------------------------------------------------------------------------------- */

enum { MOST_RUNS = 2000 };

struct repro_run {
    struct mlg_gate_run *run;
    const struct repro_options *options;
    struct mlg_rerun *rerun;
    struct mlg_call *calls; /* per check */
    struct mlg_rerun_run **runs;
    size_t run_count;
    mlg_variation_set possible;
    const char *isolation_missing;
};

static int no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory for the gate");
}

/* Makes one run and keeps it. */
static int run_once(struct repro_run *state, mlg_variation_set varied, struct mlg_error *error)
{
    struct mlg_rerun_run *made = NULL;
    if (state->run_count >= MOST_RUNS)
        return mlg_error_set(error, MLG_LIMIT, "more than %d runs", MOST_RUNS);
    const int code = mlg_rerun_run(state->rerun, varied, NULL, &made, error);
    if (code != MLG_OK)
        return code;
    state->runs[state->run_count++] = made;
    if (made->outcome.left_behind > 0)
        mlg_run_warn(state->run,
                     mlg_arena_format(state->run->arena, "run %u left %u %s behind (%s), which %s ended (%s)",
                                      made->number, made->outcome.left_behind,
                                      mlg_plural(made->outcome.left_behind, "process", "processes"),
                                      made->outcome.left_behind_names,
                                      mlg_plural(made->outcome.left_behind, "was", "were"),
                                      state->run->config->name));
    state->isolation_missing = made->outcome.isolation_missing;
    return MLG_OK;
}

static size_t output_index(const struct repro_options *options, const char *file)
{
    size_t i = 0;
    while (i < options->outputs.count && strcmp(options->outputs.items[i], file) != 0)
        i++;
    return i;
}

/* Two files of one output, as far as the kernel looks at them. */
static int compare(const struct repro_run *state, const struct mlg_repro_kernel *kernel, const char *a,
                   const char *b, bool same_bytes, struct mlg_repro_pair *pair, struct mlg_error *error)
{
    const struct repro_options *options = state->options;
    struct mlg_arena *arena = state->run->arena;
    *pair = (struct mlg_repro_pair){.same_bytes = same_bytes};
    if (kernel->needs_flips) {
        const struct mlg_flips_options flips_options = {.prediction = options->prediction,
                                                        .id = options->id,
                                                        .label = options->label,
                                                        .scores = options->score.items,
                                                        .score_count = options->score.count};
        struct mlg_flips *flips = MLG_NEW(arena, struct mlg_flips);
        pair->flips = flips;
        return flips ? mlg_compare_predictions(state->run->world, a, b, &flips_options, arena, flips, error)
                     : no_memory(error);
    }
    if (!kernel->needs_comparison || same_bytes)
        return MLG_OK;
    const struct mlg_compare_options compare_options = {0};
    struct mlg_comparison *comparison = MLG_NEW(arena, struct mlg_comparison);
    pair->comparison = comparison;
    return comparison ? mlg_compare_files(state->run->world, a, b, &compare_options, arena, comparison, error)
                      : no_memory(error);
}

/* What a check finds of one pair of runs. */
struct finding {
    double value;
    const char *undefined;
    struct mlg_repro_pair pair;
    const char *with; /* "run 2", "the artefact 'model.npz'" */
};

static int look(const struct repro_run *state, size_t check, const char *a, const char *b, bool same_bytes,
                const char *with, struct finding *finding, struct mlg_error *error)
{
    const struct mlg_repro_kernel *kernel = mlg_repro_kernel_of(&state->calls[check]);
    *finding = (struct finding){.with = with};
    const int code = compare(state, kernel, a, b, same_bytes, &finding->pair, error);
    if (code == MLG_OK)
        finding->value = kernel->value(&finding->pair, &finding->undefined);
    return code;
}

static int look_at_run(const struct repro_run *state, size_t check, const struct mlg_rerun_run *run,
                       struct finding *finding, struct mlg_error *error)
{
    const size_t i = output_index(state->options, state->calls[check].arguments.file);
    const struct mlg_rerun_file *ours = &run->outputs[i], *first = &state->runs[0]->outputs[i];
    const char *with = mlg_arena_format(state->run->arena, "run %u", run->number);
    return look(state, check, ours->path, first->path, strcmp(ours->sha256, first->sha256) == 0, with,
                finding, error);
}

/* The file of `against` for an output: the file itself, or the one of that name in the directory. */
static int find_against(const struct repro_run *state, size_t output, const char **path,
                        struct mlg_error *error)
{
    const struct mlg_world *world = state->run->world;
    const char *given =
        mlg_suite_resolve_path(state->run->suite->path, state->options->against, state->run->arena);
    struct mlg_entry entry;
    const int code = given ? world->runner->look(world->self, given, &entry, error) : no_memory(error);
    if (code != MLG_OK)
        return code;
    if (entry.kind == MLG_ENTRY_MISSING)
        return mlg_error_set(error, MLG_WORLD, "there is no '%s', which 'against' names",
                             state->options->against);
    *path = entry.kind != MLG_ENTRY_DIRECTORY
                ? given
                : mlg_arena_format(state->run->arena, "%s/%s", given, state->options->outputs.items[output]);
    if (entry.kind != MLG_ENTRY_DIRECTORY && state->options->outputs.count > 1)
        return mlg_error_set(
            error, MLG_CONFIG,
            "'against' is one file, '%s', and there are %zu outputs; name a directory that has them",
            state->options->against, state->options->outputs.count);
    return *path ? MLG_OK : no_memory(error);
}

static int look_at_artefact(const struct repro_run *state, size_t check, struct finding *finding,
                            struct mlg_error *error)
{
    const size_t i = output_index(state->options, state->calls[check].arguments.file);
    const struct mlg_rerun_file *first = &state->runs[0]->outputs[i];
    char sha256[65];
    const char *path = NULL;
    uint64_t size;
    int code = find_against(state, i, &path, error);
    if (code == MLG_OK)
        code = mlg_file_digest(state->run->world, path, sha256, &size, error);
    return code != MLG_OK
               ? code
               : look(state, check, first->path, path, strcmp(first->sha256, sha256) == 0,
                      mlg_arena_format(state->run->arena, "the artefact '%s'", state->options->against),
                      finding, error);
}

/* Would the check fail if these two runs were all? */
static bool fails(const struct repro_run *state, size_t check, const struct finding *finding)
{
    const struct mlg_check *item = &state->run->config->checks.items[check].check;
    if (is_predicate(&state->calls[check]))
        return !(finding->value > 0);
    const struct mlg_evidence evidence = {.kind = MLG_VALUE_ONLY, .value = finding->value};
    return finding->undefined ||
           (item->comparator != MLG_NO_COMPARATOR && !mlg_meets(&evidence, item->comparator, &item->limit));
}

/* ---- results ------------------------------------------------------------------------------------- */

/* "'w' (float32 [128]) differs in 3 of 128 elements, by 1e-07 at most, first at w[3]: 0.5 against 0.6" */
static const char *describe(const struct finding *finding, struct mlg_arena *arena)
{
    const struct mlg_comparison *comparison = finding->pair.comparison;
    char number[MLG_NUMBER_SIZE] = "";
    for (size_t i = 0; comparison && i < comparison->part_count; i++) {
        const struct mlg_part *part = &comparison->parts[i];
        if (part->verdict == MLG_PART_IDENTICAL || part->verdict == MLG_PART_SAME)
            continue;
        if (isfinite(part->distance.max_abs_difference))
            mlg_number_print(part->distance.max_abs_difference, number);
        const char *name = part->name[0] ? mlg_arena_format(arena, "'%s'", part->name) : "it";
        const char *place =
            part->place_count && part->places[0].a && part->places[0].b
                ? mlg_arena_format(arena, ", first at %s: %s against %s", part->places[0].place,
                                   part->places[0].a, part->places[0].b)
                : "";
        if (part->verdict != MLG_PART_DIFFERENT)
            return mlg_arena_format(arena, "%s: %s is %s%s%s", finding->with, name,
                                    part->verdict == MLG_PART_ONLY_A   ? "only there"
                                    : part->verdict == MLG_PART_ONLY_B ? "not there"
                                                                       : "different, and nobody can read it",
                                    part->why ? "; " : "", part->why ? part->why : place);
        if (part->why)
            return mlg_arena_format(arena, "%s: %s is another: %s", finding->with, name, part->why);
        return mlg_arena_format(arena, "%s: %s%s%s%s differs in %s of %s elements%s%s%s%s", finding->with,
                                name, part->what ? " (" : "", part->what ? part->what : "",
                                part->what ? ")" : "", mlg_count_text(part->distance.beyond, arena),
                                mlg_count_text(part->distance.elements, arena),
                                part->distance.numbers ? ", by " : "", part->distance.numbers ? number : "",
                                part->distance.numbers ? " at most" : "", place);
    }
    return mlg_arena_format(arena, "%s is the furthest from the first", finding->with);
}

static const char *describe_flips(const struct finding *finding, struct mlg_arena *arena)
{
    const struct mlg_flips *flips = finding->pair.flips;
    const char *text =
        mlg_arena_format(arena, "%s: %s of %s predictions changed", finding->with,
                         mlg_count_text(flips->changed, arena), mlg_count_text(flips->n, arena));
    if (text && flips->labelled)
        text = mlg_arena_format(arena, "%s, %s from right to wrong and %s from wrong to right", text,
                                mlg_count_text(flips->correct_to_wrong, arena),
                                mlg_count_text(flips->wrong_to_correct, arena));
    return text;
}

/* Of all pairs the one that is worst for the check. */
static bool is_worse(const struct mlg_call *call, const struct finding *finding, const struct finding *worst)
{
    if (!worst->with || finding->undefined || worst->undefined)
        return !worst->with || (finding->undefined && !worst->undefined);
    return is_predicate(call) ? finding->value < worst->value : finding->value > worst->value;
}

static int find_worst(const struct repro_run *state, size_t check, struct finding *worst,
                      struct mlg_error *error)
{
    *worst = (struct finding){0};
    struct finding finding;
    for (size_t r = 1; r < state->run_count; r++) {
        const int code = look_at_run(state, check, state->runs[r], &finding, error);
        if (code != MLG_OK)
            return code;
        if (is_worse(&state->calls[check], &finding, worst))
            *worst = finding;
    }
    if (!state->options->against)
        return MLG_OK;
    const int code = look_at_artefact(state, check, &finding, error);
    if (code == MLG_OK && is_worse(&state->calls[check], &finding, worst))
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
    } else if (kernel->kind == MLG_REPRO_SHARE) {
        evidence->kind = MLG_PROPORTION;
        evidence->method = MLG_METHOD_WILSON;
        evidence->maximum = 1;
        evidence->numerator = worst->pair.flips->changed;
        evidence->denominator = evidence->n = worst->pair.flips->n;
    }
}

static void judge_predicate(const struct finding *worst, struct mlg_check_result *result)
{
    const bool holds = worst->value > 0;
    result->estimate = (struct mlg_optional){true, holds ? 1 : 0};
    result->method = mlg_methods[MLG_METHOD_EXACT].name;
    result->decided_by = "exact";
    result->verdict = holds ? MLG_PASS : MLG_FAIL;
    result->fail_probability = holds ? 1 : 0;
    result->reason = holds ? NULL : "the runs do not write the same";
}

static int judge_check(const struct repro_run *state, size_t check, struct finding *worst,
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
        const int code = find_worst(state, check, worst, error);
        if (code == MLG_LIMIT || code == MLG_INTERNAL)
            return code;
        if (code != MLG_OK) {
            mlg_check_not_measured(result, mlg_kept_text(error->text, arena));
            result->underlying = result->verdict;
            *error = (struct mlg_error){0};
            return MLG_OK;
        }
    }
    set_evidence(kernel, worst, &evidence);
    if (is_predicate(call))
        judge_predicate(worst, result);
    else
        mlg_check_measured(&item->check, &item->settings, &evidence, call->metric->minimum,
                           call->metric->maximum, arena, result);
    if (evidence.n == 0)
        result->n = result->rows = state->run_count;
    result->underlying = result->verdict;
    if (kernel->needs_flips && worst->pair.flips)
        mlg_check_note(result, describe_flips(worst, arena), arena);
    else if (worst->with && (is_predicate(call) ? !(worst->value > 0) : worst->undefined || worst->value > 0))
        mlg_check_note(result, describe(worst, arena), arena);
    return MLG_OK;
}

/* ---- the culprit --------------------------------------------------------------------------------- */

struct search {
    struct repro_run *state;
    const bool *failed; /* per check */
};

/* Does the run differ from the first one in what made a check fail? */
static int differs(const struct search *search, const struct mlg_rerun_run *run, bool *answer,
                   struct mlg_error *error)
{
    *answer = false;
    for (size_t c = 0; c < search->state->run->config->checks.count && !*answer; c++) {
        struct finding finding;
        if (!search->failed[c])
            continue;
        const int code = look_at_run(search->state, c, run, &finding, error);
        if (code != MLG_OK)
            return code;
        *answer = fails(search->state, c, &finding);
    }
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

/* What makes runs differ: `*text` says it, `*advice` what may be done. */
static int find_culprit(const struct search *search, const char **text, const char **advice,
                        struct mlg_error *error)
{
    static const char chance[] =
        "chance in the command itself: numbers at random without a seed, the clock, or a race";
    struct repro_run *state = search->state;
    struct mlg_arena *arena = state->run->arena;
    const unsigned budget = state->options->budget == BUDGET_OF_ITS_OWN
                                ? mlg_culprit_budget(mlg_variation_size(state->possible)) + 1
                                : (unsigned)state->options->budget;
    struct mlg_culprit culprit;
    mlg_variation_set set;
    bool answer = false, known = false;
    for (size_t r = 1; r < state->run_count && !answer; r++)
        if (state->runs[r]->varied == 0) {
            known = true;
            const int code = differs(search, state->runs[r], &answer, error);
            if (code != MLG_OK)
                return code;
        }
    if (!known && budget > 0) {
        int code = run_once(state, 0, error);
        if (code == MLG_OK)
            code = differs(search, state->runs[state->run_count - 1], &answer, error);
        if (code != MLG_OK)
            return code;
    }
    if (answer) {
        *text = mlg_arena_format(arena, "runs in the same surroundings differ: %s", chance);
        *advice = "set every seed, sort what comes from sets, files and threads, and leave dates out of what "
                  "is written";
        return MLG_OK;
    }
    if (!state->possible) {
        *text = "the runs agree with each other, and not with 'against'";
        *advice = "find out what it was made with: another version, other data or another machine";
        return MLG_OK;
    }
    if (budget <= 1) {
        *text = mlg_arena_format(arena, "what matters is among %s; 'budget' allows no runs to find it",
                                 mlg_variation_words(state->possible, arena));
        return MLG_OK;
    }
    mlg_culprit_begin(&culprit, state->possible, budget - 1);
    while (mlg_culprit_next(&culprit, &set)) {
        const struct mlg_rerun_run *made = NULL;
        /* A run that varied all has been made. */
        for (size_t r = 1; r < state->run_count && !made && culprit.runs == 0; r++)
            made = state->runs[r]->varied == set ? state->runs[r] : NULL;
        if (!made) {
            const int code = run_once(state, set, error);
            if (code != MLG_OK)
                return code;
            made = state->runs[state->run_count - 1];
        }
        const int code = differs(search, made, &answer, error);
        if (code != MLG_OK)
            return code;
        mlg_culprit_tell(&culprit, answer);
    }
    switch (culprit.kind) {
    case MLG_CULPRIT_NAMED:
        *text = mlg_arena_format(
            arena, "the culprit is %s%s%s", describe_variation(culprit.set, false, arena),
            culprit.is_confirmed ? "" : ", seen once",
            culprit.others_known && culprit.others ? "; others of those that are varied matter too" : "");
        *advice = describe_variation(culprit.set, true, arena);
        break;
    case MLG_CULPRIT_AMONG:
        *text = mlg_arena_format(arena, "what matters is among %s; 'budget' allows no more runs to find it",
                                 mlg_variation_words(culprit.set | culprit.among, arena));
        *advice = "allow more runs with 'budget', or vary fewer things";
        break;
    case MLG_CULPRIT_NONE:
    case MLG_CULPRIT_UNSTEADY:
    case MLG_CULPRIT_OPEN:
        *text = mlg_arena_format(arena, "what differed once was the same another time: %s", chance);
        *advice = "set every seed, and look for races";
        break;
    }
    return MLG_OK;
}

/* ---- judge --------------------------------------------------------------------------------------- */

static int repro_plan(struct mlg_gate_run *run, struct mlg_error *error)
{
    struct repro_run *state = MLG_NEW(run->arena, struct repro_run);
    if (!state ||
        !(state->calls = MLG_NEW_ARRAY(run->arena, struct mlg_call, run->config->checks.count + 1)) ||
        !(state->runs = MLG_NEW_ARRAY(run->arena, struct mlg_rerun_run *, MOST_RUNS)))
        return no_memory(error);
    state->run = run;
    state->options = run->config->options;
    for (size_t c = 0; c < run->config->checks.count; c++)
        if (mlg_repro_resolve(&run->config->checks.items[c].check, run->arena, &state->calls[c], error) !=
            MLG_OK)
            return (int)error->code;
    run->state = state;
    return MLG_OK;
}

static int make_runs(struct repro_run *state, const struct mlg_rerun_order *order, struct mlg_error *error)
{
    int code = mlg_rerun_begin(state->run->world, order, state->run->arena, &state->rerun, error);
    if (code != MLG_OK)
        return code;
    state->possible = mlg_rerun_possible(state->rerun);
    for (int64_t r = 0; code == MLG_OK && r < state->options->runs; r++)
        code = run_once(state, r == 0 ? 0 : state->possible, error);
    return code;
}

static const char *title(const struct repro_run *state)
{
    struct mlg_arena *arena = state->run->arena;
    const struct repro_options *options = state->options;
    const char *command = options->shell ? options->shell : options->run.items[0];
    for (size_t i = 1; !options->shell && command && i < options->run.count; i++)
        command = mlg_arena_format(arena, "%s %s", command, options->run.items[i]);
    return mlg_arena_format(arena, "%s: %zu runs of '%s'%s%s", state->run->config->name, state->run_count,
                            command ? command : "", state->possible ? ", varied: " : "",
                            state->possible ? mlg_variation_words(state->possible, arena) : "");
}

static int judge_checks(struct repro_run *state, struct mlg_gate_result *result, struct mlg_error *error)
{
    const struct mlg_checks *checks = &state->run->config->checks;
    struct mlg_arena *arena = state->run->arena;
    bool *failed = MLG_NEW_ARRAY(arena, bool, checks->count + 1), any = false;
    struct mlg_check_result **places = MLG_NEW_ARRAY(arena, struct mlg_check_result *, checks->count + 1);
    result->checks = MLG_NEW_ARRAY(arena, struct mlg_check_result, checks->count);
    result->reported = MLG_NEW_ARRAY(arena, struct mlg_check_result, checks->count);
    if (!failed || !places || !result->checks || !result->reported)
        return no_memory(error);
    for (size_t c = 0; c < checks->count; c++) {
        const bool is_check = mlg_gate_judges(state->run->config->gate, &checks->items[c].check);
        struct finding worst;
        places[c] =
            is_check ? &result->checks[result->check_count++] : &result->reported[result->reported_count++];
        const int code = judge_check(state, c, &worst, places[c], error);
        if (code != MLG_OK)
            return code;
        failed[c] =
            is_check && mlg_repro_kernel_of(&state->calls[c])->kind != MLG_REPRO_COUNT &&
            (places[c]->verdict == MLG_FAIL || (places[c]->verdict == MLG_VERDICT_ERROR && worst.undefined));
        any = any || failed[c];
    }
    const struct search search = {state, failed};
    const char *text = NULL, *advice = NULL;
    const int code = any ? find_culprit(&search, &text, &advice, error) : MLG_OK;
    for (size_t c = 0; code == MLG_OK && c < checks->count; c++)
        if (failed[c]) {
            mlg_check_note(places[c], text, arena);
            places[c]->advice = advice;
        }
    return code;
}

static int write_manifest(struct repro_run *state, struct mlg_gate_result *result, struct mlg_error *error)
{
    struct mlg_arena *arena = state->run->arena;
    struct mlg_manifest manifest;
    struct mlg_builder out;
    if (mlg_manifest_make(state->run->world, state->rerun, state->runs, state->run_count, arena, &manifest,
                          error) != MLG_OK)
        return (int)error->code;
    mlg_builder_init(&out, 0);
    mlg_manifest_write(&manifest, &out);
    const char *bytes = out.failed ? NULL : mlg_arena_copy(arena, out.data, out.size);
    result->files = bytes ? MLG_NEW(arena, struct mlg_written_file) : NULL;
    if (result->files)
        result->files[result->file_count++] =
            (struct mlg_written_file){.option = "manifest", .bytes = bytes, .size = out.size};
    mlg_builder_free(&out);
    return result->files ? MLG_OK : no_memory(error);
}

static int repro_judge(struct mlg_gate_run *run, struct mlg_gate_result *result, struct mlg_error *error)
{
    struct repro_run *state = run->state;
    const struct repro_options *options = state->options;
    const char *slash = run->suite->path ? strrchr(run->suite->path, '/') : NULL;
    struct mlg_rerun_order order = {.base = slash ? mlg_arena_format(run->arena, "%.*s",
                                                                     (int)(slash - run->suite->path) + 1,
                                                                     run->suite->path)
                                                  : ".",
                                    .arguments = options->run,
                                    .shell = options->shell,
                                    .workdir = options->workdir,
                                    .inputs = options->inputs,
                                    .outputs = options->outputs,
                                    .environment = &options->environment,
                                    .inherit = options->inherit,
                                    .timeout = options->timeout,
                                    .memory = (uint64_t)options->memory,
                                    .network = options->network,
                                    .vary = read_vary(run->config, NULL)};
    int code = order.base ? make_runs(state, &order, error) : no_memory(error);
    if (code == MLG_OK)
        code = judge_checks(state, result, error);
    if (code == MLG_OK && options->manifest)
        code = write_manifest(state, result, error);
    if (code != MLG_OK)
        result->check_count = result->reported_count = 0;
    const char *impossible = state->rerun ? mlg_rerun_impossible(state->rerun, run->arena) : NULL;
    if (impossible)
        mlg_run_warn(run, mlg_arena_format(run->arena, "not varied: %s (%s)", impossible, run->config->name));
    if (state->isolation_missing)
        mlg_run_warn(run, mlg_arena_format(run->arena, "the runs were not wholly apart: %s (%s)",
                                           state->isolation_missing, run->config->name));
    const char *text = title(state);
    result->title = text ? text : result->title;
    mlg_rerun_end(state->rerun);
    return code;
}

/* ---- controls ------------------------------------------------------------------------------------ */

static void write_nothing(struct mlg_builder *out)
{
    mlg_put(out, "x\n1\n");
}

/* The world of the self-test runs no commands: that must never pass. What commands do is for the tests. */
static const struct mlg_control controls[] = {
    {.about = "a command that cannot be run",
     .config = "version: 1\ngates: [{gate: repro, run: [train, \"{output}\"], outputs: [model], checks: "
               "[identical(model)]}]\n",
     .verdict = "error",
     .data = write_nothing},
    {0}};

const struct mlg_gate mlg_gate_repro = {
    .name = "repro",
    .about = "does running it again give the same, and if not, what makes it differ",
    .example = "identical(model.npz)",
    .example_keys = "run: [python3, train.py, \"{output}\"], outputs: [model.npz], ",
    .quantities = mlg_repros,
    .params = params,
    .options_size = sizeof(struct repro_options),
    .defaults = &defaults,
    .controls = controls,
    .written_params = written_params,
    .read_params = read_params,
    .needs_data = needs_data,
    .without_data = true,
    .check = repro_check,
    .is_predicate = is_predicate_name,
    .plan = repro_plan,
    .judge = repro_judge,
};
