/* repro: run it again, and see what moves.
 *
 * The command is run several times in fresh surroundings; what the runs wrote is compared by meaning. Where
 * it differs although something was varied between the runs, a search with few runs more names what matters.
 */
#include <math.h>
#include <string.h>

#include "mlgate/text.h"
#include "repro/repro_private.h"

#define OPTION(field, kind) MLG_FIELD(struct repro_options, field, kind)

static const struct mlg_param params[] = {
    {.name = "run",
     OPTION(run, texts),
     .argument = "ARGUMENT",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "command",
     .help = "the command, argument by argument, run in the directory of mlgate.yaml; {output} is the fresh "
             "directory "
             "that it writes to, {run} the number of the run, {seed} its seed, {input} the directory that it "
             "runs in",
     .unset = "what 'shell' says is run",
     .keeps_commas = true},
    {.name = "shell",
     OPTION(shell, text),
     .argument = "TEXT",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "command",
     .help =
         "the command as a text for /bin/sh -c, with the same placeholders, whose values are quoted as the "
         "place where they stand needs it",
     .unset = "no shell is used"},
    {.name = "workdir",
     OPTION(workdir, text),
     .argument = "PATH",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "command",
     .help = "the directory that it runs in",
     .unset = "that of mlgate.yaml; with inputs a fresh one that holds copies of them"},
    {.name = "inputs",
     OPTION(inputs, texts),
     .argument = "PATH",
     .weaker = MLG_WEAKER_FEWER,
     .group = "command",
     .help = "files and directories that it reads; a run that changes one is an error",
     .unset = "nothing is copied, and nothing is known to stay as it is"},
    {.name = "outputs",
     OPTION(outputs, texts),
     .required = true,
     .argument = "PATH",
     .weaker = MLG_WEAKER_FEWER,
     .group = "command",
     .help = "files and directories that it writes below {output}; one that is missing or empty is an error"},
    {.name = "runs",
     OPTION(runs, integer),
     .minimum = 1,
     .maximum = 1000,
     .argument = "COUNT",
     .weaker = MLG_WEAKER_LOWER,
     .group = "command",
     .help = "how often it is run; with seeds how often with each, 1 unless it is given"},
    {.name = "parallel",
     OPTION(parallel, integer),
     .weaker = MLG_WEAKER_NONE,
     .minimum = 1,
     .maximum = 256,
     .argument = "COUNT",
     .group = "command",
     .help =
         "how many runs may go at a time, each with the same path in a namespace of its own; they share the "
         "machine, so that wall times, memory and races are not those of a run alone"},
    {.name = "seeds",
     OPTION(seeds, texts),
     .argument = "SEED",
     .weaker = MLG_WEAKER_FEWER,
     .group = "command",
     .help = "what {seed} stands for, one after the other: they tell how far metrics spread, and runs are "
             "compared with runs of the same seed alone",
     .unset = "no seeds"},
    {.name = "against",
     OPTION(against, text),
     .argument = "PATH",
     .weaker = MLG_WEAKER_FEWER,
     .group = "command",
     .help = "what is about to be deployed: a file, or a directory with files of the outputs' names; the "
             "runs are "
             "compared with it too",
     .unset = "the runs are compared with each other"},
    {.name = "manifest",
     OPTION(manifest, text),
     .argument = "PATH",
     .weaker = MLG_WEAKER_NONE,
     .group = "command",
     .help = "a JSON file to write of what the runs were made from and what came of each; 'mlgate repro "
             "--verify PATH' makes the first of them, or of each seed, again",
     .unset = "none is written"},
    {.name = "timeout",
     OPTION(timeout, number),
     .minimum = 0.1,
     .maximum = 1e6,
     .argument = "SECONDS",
     .weaker = MLG_WEAKER_HIGHER,
     .group = "limits",
     .help = "the longest time that a run may take"},
    {.name = "memory",
     OPTION(memory, integer),
     .minimum = 0,
     .maximum = 9007199254740992.0,
     .argument = "BYTES",
     .takes = "a whole number of bytes such as 4000000000 (4 GB)",
     .weaker = MLG_WEAKER_HIGHER_OR_ZERO,
     .group = "limits",
     .help = "the most memory that a run may have, in bytes; 0 is no limit"},
    {.name = "network",
     OPTION(network, boolean),
     .argument = "BOOLEAN",
     .weaker = MLG_WEAKER_HIGHER,
     .group = "limits",
     .help = "whether a run may use the network; where the system does not allow to take it away, reports "
             "say so"},
    {.name = "environment",
     OPTION(environment, map),
     .argument = "NAME=VALUE",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "surroundings",
     .help = "variables of every run, which are never varied; {output} and its like are filled in as in the "
             "command",
     .unset = "those that are inherited, with HOME and TMPDIR of its own",
     .keeps_commas = true,
     .takes_empty = true},
    {.name = "inherit",
     OPTION(inherit, texts),
     .argument = "NAME",
     .weaker = MLG_WEAKER_MORE,
     .group = "surroundings",
     .help = "names of variables that a run inherits beside the usual ones (PATH, LANG, PYTHON*, OMP_* ...)",
     .unset = "the usual ones"},
    {.name = "vary",
     OPTION(vary, texts),
     .argument = "WHAT",
     .weaker = MLG_WEAKER_FEWER,
     .nothing = "none",
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
     .weaker = MLG_WEAKER_NONE,
     .group = "surroundings",
     .help = "how many runs more may be made in all to find out what makes runs differ; 0 is none",
     .unset = "as many for each check as naming two culprits that matter together takes"},
    {.name = "prediction",
     OPTION(prediction, text),
     .argument = "COLUMN",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "tables",
     .help = "the column of predictions in outputs, for flips",
     .unset = "no predictions"},
    {.name = "id",
     OPTION(id, text),
     .argument = "COLUMN",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "tables",
     .help = "the column that names rows in outputs",
     .unset = "rows are matched by place"},
    {.name = "label",
     OPTION(label, text),
     .argument = "COLUMN",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "tables",
     .help =
         "the column of true labels in outputs, for metric_spread, and to tell flips to right answers from "
         "flips to wrong ones",
     .unset = "no labels"},
    {.name = "score",
     OPTION(score, texts),
     .argument = "COLUMN",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "tables",
     .help = "the columns of scores in outputs, for max_score_change; one alone, of the positive class, for "
             "metric_spread too",
     .unset = "no scores"},
    {.name = "positive",
     OPTION(positive, text),
     .argument = "CLASS",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "tables",
     .help = "the positive class in outputs, for metric_spread",
     .unset = "1 or true, where the classes are 0 and 1, or false and true"},
    {.name = "sources",
     OPTION(sources, map),
     .argument = "NAME=FILE",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "tables",
     .help =
         "data sources of the suite that an output takes the place of: metric_spread reads its columns as "
         "theirs, and verdict_stable judges the gates that read them on every run",
     .unset = "outputs are read by the columns named here"},
    {.name = "tolerance",
     OPTION(tolerance, number),
     .weaker = MLG_WEAKER_HIGHER,
     .minimum = 0,
     .maximum = (double)INFINITY,
     .maximum_open = true,
     .argument = "NUMBER",
     .group = "tables",
     .help =
         "for 'identical', numbers a and b are the same while |a - b| is at most this, plus 'relative' times "
         "|b|"},
    {.name = "relative",
     OPTION(relative, number),
     .weaker = MLG_WEAKER_HIGHER,
     .minimum = 0,
     .maximum = (double)INFINITY,
     .maximum_open = true,
     .argument = "NUMBER",
     .group = "tables",
     .help = "the tolerance as a multiple of |b|"},
    {.name = "ignore",
     OPTION(ignore, texts),
     .weaker = MLG_WEAKER_MORE,
     .argument = "PATH",
     .group = "tables",
     .help = "what comparisons by meaning leave out: /a/*/b in every JSON document, or the name of a part, "
             "where * "
             "is any text",
     .unset = "nothing but time stamps and identifiers that are known"},
    {0}};

static const char *const written_params[] = {"manifest", NULL};
static const char *const read_params[] = {"inputs", "against", NULL};

static const struct repro_options defaults = {
    .runs = 2, .parallel = 1, .timeout = 600, .budget = REPRO_BUDGET_OF_ITS_OWN};

int64_t repro_runs_of_each(const struct mlg_gate_config *config)
{
    const struct repro_options *options = config->options;
    const size_t row = (size_t)(mlg_params_find(params, "runs") - params);
    const bool is_given = config->option_origins && config->option_origins[row].type != MLG_BUILT_IN;
    return options->seeds.count > 0 && !is_given ? 1 : options->runs;
}

static bool needs_data(const struct mlg_gate_config *config)
{
    (void)config;
    return false;
}

/* How many runs there are to be before any looks for a culprit. */
static size_t asked_runs(const struct repro_run *state)
{
    const size_t seeds = state->options->seeds.count;
    return (seeds ? seeds : 1) * (size_t)repro_runs_of_each(state->run->config);
}

static int repro_plan(struct mlg_gate_run *run, struct mlg_error *error)
{
    struct repro_run *state = MLG_NEW(run->arena, struct repro_run);
    if (!state ||
        !(state->calls = MLG_NEW_ARRAY(run->arena, struct mlg_call, run->config->checks.count + 1)) ||
        !(state->runs = MLG_NEW_ARRAY(run->arena, struct mlg_rerun_run *, REPRO_MOST_RUNS)) ||
        !(state->known = MLG_NEW(run->arena, struct known_pair *)) ||
        !(state->judged = MLG_NEW_ARRAY(run->arena, struct mlg_rejudged *, REPRO_MOST_RUNS)) ||
        !(state->floors = MLG_NEW_ARRAY(run->arena, struct mlg_noise_floor, run->config->checks.count + 1)))
        return repro_no_memory(error);
    state->run = run;
    state->options = run->config->options;
    state->asked = asked_runs(state);
    for (size_t c = 0; c < run->config->checks.count; c++)
        if (mlg_repro_resolve(&run->config->checks.items[c].check, run->arena, &state->calls[c], error) !=
            MLG_OK)
            return (int)error->code;
    run->state = state;
    return MLG_OK;
}

/* Of a text of several lines the first that says something. */
static const char *first_line(const char *text, struct mlg_arena *arena)
{
    text += strspn(text, " \t\r\n");
    const size_t size = strcspn(text, "\r\n");
    const bool is_all = text[size + strspn(text + size, " \t\r\n")] == '\0';
    return mlg_arena_format(arena, "%.*s%s", (int)size, text, is_all ? "" : " ...");
}

static const char *title(const struct repro_run *state)
{
    struct mlg_arena *arena = state->run->arena;
    const struct repro_options *options = state->options;
    const char *command = options->shell ? options->shell : options->run.items[0];
    for (size_t i = 1; !options->shell && command && i < options->run.count; i++)
        command = mlg_arena_format(arena, "%s %s", command, options->run.items[i]);
    command = command ? first_line(command, arena) : NULL;
    const size_t seeds = options->seeds.count;
    const size_t asked = state->asked;
    const size_t more = state->begun > asked ? state->begun - asked : 0;
    const char *counted = more ? mlg_arena_format(arena, "%zu + %zu runs", asked, more)
                               : mlg_arena_format(arena, "%zu %s", state->begun,
                                                  mlg_plural((unsigned)state->begun, "run", "runs"));
    return mlg_arena_format(
        arena, "%s: %s of '%s'%s%s%s%s", state->run->config->name, counted ? counted : "runs",
        command ? command : "",
        seeds ? mlg_arena_format(arena, ", %zu %s", seeds, mlg_plural(seeds, "seed", "seeds")) : "",
        options->against ? mlg_arena_format(arena, ", against '%s'", options->against) : "",
        state->possible ? ", varied: " : "",
        state->possible ? mlg_variation_words(state->possible, arena) : "");
}

/* What each output means, for who verifies it when it is gone; what nobody can read has its bytes alone. */
static int digest_meanings(const struct repro_run *state, struct mlg_error *error)
{
    const struct mlg_compare_options left_out = {.ignore = state->options->ignore.items,
                                                 .ignore_count = state->options->ignore.count,
                                                 .id = state->options->id};
    for (size_t r = 0; r < state->run_count; r++)
        for (size_t i = 0; i < state->options->outputs.count; i++) {
            const struct mlg_world *world = state->run->world;
            struct mlg_rerun_file *file = &state->runs[r]->outputs[i];
            const struct mlg_rerun_file *first = &state->runs[0]->outputs[i];
            struct mlg_error own = {0};
            const char *const *beside;
            size_t count;
            if (r > 0 && strcmp(file->sha256, first->sha256) == 0 &&
                mlg_compare_data_files(world, file->path, state->run->arena, &beside, &count, &own) ==
                    MLG_OK &&
                count == 0) { /* what lies beside a model is in the digest of its meaning */
                memcpy(file->meaning, first->meaning, sizeof file->meaning);
                continue;
            }
            const int code = mlg_compare_digest(world, file->path, &left_out, file->meaning, &own);
            if (code == MLG_DATA || code == MLG_LIMIT) {
                memcpy(file->meaning, file->sha256, sizeof file->meaning);
            } else if (code != MLG_OK) {
                *error = own;
                return code;
            }
        }
    return MLG_OK;
}

static int write_manifest(struct repro_run *state, struct mlg_gate_result *result, struct mlg_error *error)
{
    struct mlg_arena *arena = state->run->arena;
    struct mlg_builder out;
    const int code = digest_meanings(state, error);
    if (code != MLG_OK)
        return code;
    state->manifest.runs = state->runs;
    state->manifest.run_count = state->run_count;
    state->manifest.ignore = state->options->ignore;
    state->manifest.tolerance = state->options->tolerance;
    state->manifest.relative = state->options->relative;
    mlg_builder_init(&out, 0);
    mlg_manifest_write(&state->manifest, &out);
    const char *bytes = out.failed ? NULL : mlg_arena_copy(arena, out.data, out.size);
    result->files = bytes ? MLG_NEW(arena, struct mlg_written_file) : NULL;
    if (result->files)
        result->files[result->file_count++] =
            (struct mlg_written_file){.option = "manifest", .bytes = bytes, .size = out.size};
    mlg_builder_free(&out);
    return result->files ? MLG_OK : repro_no_memory(error);
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
                                    .name = run->config->name,
                                    .wanted = state->asked,
                                    .arguments = options->run,
                                    .shell = options->shell,
                                    .workdir = options->workdir,
                                    .inputs = options->inputs,
                                    .outputs = options->outputs,
                                    .written = run->suite->written,
                                    .environment = &options->environment,
                                    .inherit = options->inherit,
                                    .timeout = options->timeout,
                                    .memory = (uint64_t)options->memory,
                                    .network = options->network,
                                    .parallel = (unsigned)options->parallel,
                                    .vary = repro_read_vary(run->config, NULL)};
    int code = order.base && options->against ? repro_read_against(state, error) : MLG_OK;
    if (code == MLG_OK)
        code = order.base ? repro_make_runs(state, &order, error) : repro_no_memory(error);
    if (code == MLG_OK)
        code = repro_judge_checks(state, result, error);
    if (code == MLG_OK && options->manifest)
        code = write_manifest(state, result, error);
    if (code != MLG_OK)
        result->check_count = result->reported_count = 0;
    if (code != MLG_OK && state->failed) {
        result->printed = state->failed->printed;
        result->printed_count = state->failed->printed_count;
    }
    const char *impossible = state->rerun ? mlg_rerun_impossible(state->rerun, run->arena) : NULL;
    if (state->rerun)
        repro_tell_parallel(state);
    if (code == MLG_OK)
        repro_tell_shared(state);
    if (impossible)
        mlg_run_warn(run, "not varied: %s (%s)", impossible, run->config->name);
    if (state->rerun)
        repro_tell_partly_varied(state);
    if (state->isolation_missing)
        mlg_run_warn(run, "the runs were not wholly apart: %s (%s)", state->isolation_missing,
                     run->config->name);
    result->isolation = state->isolation;
    const char *text = title(state);
    result->title = text ? text : result->title;
    if (state->begun > 0)
        repro_tell_fresh(state, result, code == MLG_OK ? NULL : error);
    mlg_rerun_end(state->rerun);
    return code;
}

/* ---- controls ------------------------------------------------------------------------------------ */

static void write_nothing(struct mlg_builder *out)
{
    mlg_put(out, "x\n1\n");
}

static const char *names_threads(const struct mlg_gate_result *result)
{
    const struct mlg_check_result *check = &result->checks[0];
    return check->note_count && strstr(check->notes[check->note_count - 1], "the culprit is threads")
               ? NULL
               : "the culprit is not named";
}

/* The world of the self-test has one command, which writes a text; a variable where it begins with '$'. */
#define CONTROL(rest)                                                                                        \
    "version: 1\ngates: [{gate: repro, outputs: [model], checks: [identical(model)], " rest "}]\n"
static const struct mlg_control controls[] = {
    {.about = "a command that writes something else in each run",
     .config = CONTROL("run: [write, \"{output}/model\", \"{run}\"]"),
     .verdict = "fail",
     .data = write_nothing},
    {.about = "a command that depends on the number of threads",
     .config = CONTROL("run: [write, \"{output}/model\", $OMP_NUM_THREADS], "
                       "vary: [hash_seed, timezone, threads, home]"),
     .verdict = "fail",
     .data = write_nothing,
     .proves = names_threads},
    {.about = "a command that writes the same in all surroundings",
     .config = CONTROL("run: [write, \"{output}/model\", same], vary: [hash_seed, timezone, threads, home]"),
     .verdict = "pass",
     .data = write_nothing},
    {.about = "a command that writes nothing where it should",
     .config = CONTROL("run: [write, \"elsewhere{output}\", same]"),
     .verdict = "error",
     .data = write_nothing},
    {.about = "a command that cannot be run",
     .config = CONTROL("run: [train, \"{output}\"]"),
     .verdict = "error",
     .data = write_nothing},
    {0}};

const struct mlg_gate mlg_gate_repro = {
    .name = "repro",
    .about = "does running it again give the same, and if not, what makes it differ",
    .example = "identical(model.npz)",
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
    .is_predicate = repro_is_predicate_name,
    .counts = repro_counts,
    .plan = repro_plan,
    .judge = repro_judge,
};
