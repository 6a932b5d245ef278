/* repro: run it again, and see what moves.
 *
 * The command is run several times in fresh surroundings; what the runs wrote is compared by meaning. Where
 * it differs although something was varied between the runs, a search with few runs more names what matters.
 */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlgate/content.h"
#include "mlgate/manifest.h"
#include "mlgate/repro.h"
#include "mlgate/rerun.h"
#include "mlgate/run.h"
#include "mlgate/spread.h"
#include "mlgate/text.h"
#include "mlgate/verdict.h"

struct repro_options {
    struct mlg_texts run;
    const char *shell, *workdir;
    struct mlg_texts inputs, outputs;
    int64_t runs, parallel;
    struct mlg_texts seeds;
    const char *against, *manifest;
    double timeout;
    int64_t memory;
    struct mlg_map environment;
    struct mlg_texts inherit, vary;
    int64_t budget;
    bool network;
    const char *prediction, *id, *label;
    struct mlg_texts score;
    const char *positive;
    struct mlg_map sources;
    double tolerance, relative;
    struct mlg_texts ignore;
};

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
     .help = "files that it writes below {output}; one that is missing or empty is an error"},
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
             "--verify PATH' makes the first of them again",
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
     .weaker = MLG_WEAKER_HIGHER_OR_ZERO,
     .group = "limits",
     .help = "the most memory that a run may have; 0 is no limit"},
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
     .help = "variables of every run, which are never varied",
     .unset = "those that are inherited, with HOME and TMPDIR of its own",
     .keeps_commas = true},
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

enum { BUDGET_OF_ITS_OWN = -1 };
static const struct repro_options defaults = {
    .runs = 2, .parallel = 1, .timeout = 600, .budget = BUDGET_OF_ITS_OWN};

enum { MOST_RUNS = 2000 };

/* ---- the config, judged without running ---------------------------------------------------------- */

static bool holds_or_not(enum mlg_repro_kind kind)
{
    return kind == MLG_REPRO_PREDICATE || kind == MLG_REPRO_VERDICTS;
}

static bool is_predicate(const struct mlg_call *call)
{
    return holds_or_not(mlg_repro_kernel_of(call)->kind);
}

static bool is_predicate_name(const struct mlg_check *check)
{
    const struct mlg_metric *metric = mlg_repro_find(check->name);
    return metric && holds_or_not(((const struct mlg_repro_kernel *)metric->kernel)->kind);
}

static bool is_output(const struct repro_options *options, const char *file)
{
    return mlg_text_is_among(file, options->outputs.items, options->outputs.count);
}

/* How often it is run, or with seeds how often with each. */
static int64_t runs_of_each(const struct mlg_gate_config *config)
{
    const struct repro_options *options = config->options;
    const size_t row = (size_t)(mlg_params_find(params, "runs") - params);
    const bool is_given = config->option_origins && config->option_origins[row].type != MLG_BUILT_IN;
    return options->seeds.count > 0 && !is_given ? 1 : options->runs;
}

/* Does it compare two runs? */
static bool is_of_two(const struct mlg_repro_kernel *kernel)
{
    return kernel->value != NULL;
}

/* The source of the suite that the output takes the place of; NULL: none. */
static const struct mlg_data *source_of(const struct repro_options *options, const struct mlg_suite *suite,
                                        const char *file)
{
    for (size_t i = 0; i < options->sources.count; i++)
        if (strcmp(options->sources.values[i], file) == 0)
            return mlg_suite_data(suite, options->sources.keys[i]);
    return NULL;
}

/* What METRIC reads that the gate names no column for. */
static const char *lacks(const struct repro_options *options, unsigned reads)
{
    if ((reads & (MLG_READS_LABEL | MLG_READS_LABEL_NUMBER | MLG_READS_POSITIVE)) && !options->label)
        return "labels; add 'label: COLUMN'";
    if ((reads & (MLG_READS_PREDICTION | MLG_READS_PREDICTION_NUMBER)) && !options->prediction &&
        options->score.count != 1)
        return "predictions; add 'prediction: COLUMN'";
    if ((reads & (MLG_READS_SCORE | MLG_READS_PROBABILITY)) && options->score.count != 1)
        return options->score.count
                   ? "scores, and there are several columns of them; name a source in 'sources'"
                   : "scores; add 'score: COLUMN'";
    if (reads & MLG_READS_QUERY)
        return "queries; name a source that has them in 'sources'";
    return NULL;
}

static void check_spread(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                         const struct mlg_check_config *item, const struct mlg_call *call,
                         struct mlg_diagnostics *list)
{
    const struct repro_options *options = config->options;
    const enum mlg_repro_kind kind = mlg_repro_kernel_of(call)->kind;
    if (kind == MLG_REPRO_VERDICTS && !mlg_rejudge_reads(suite, config->gate, &options->sources))
        mlg_node_diagnose(list, MLG_ERROR, item->node,
                          options->sources.count
                              ? "'%s' has nothing to judge: no other gate reads what 'sources' "
                                "names"
                              : "'%s' judges the suite's other gates on what the runs wrote; "
                                "add 'sources: {NAME: FILE}', a data source and the output "
                                "that takes its place",
                          item->check.written);
    if (kind != MLG_REPRO_SPREAD || source_of(options, suite, call->arguments.file))
        return;
    const char *lacking = lacks(options, call->inner->metric->reads);
    if (lacking)
        mlg_node_diagnose(list, MLG_ERROR, item->node, "'%s' looks at %s", item->check.written, lacking);
}

static void check_one(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                      const struct mlg_check_config *item, struct mlg_arena *arena,
                      struct mlg_diagnostics *list)
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
                          "'%s' holds or does not: write '%s%s%s%s' without a limit", check->name,
                          check->name, file ? "(" : "", file ? file : "", file ? ")" : "");
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
    check_spread(config, suite, item, &call, list);
    if (is_of_two(kernel) && options->seeds.count > 0 && runs_of_each(config) < 2 && !options->against)
        mlg_node_diagnose(list, MLG_ERROR, item->node,
                          "'%s' compares runs of the same seed, and each seed is run once; add 'runs: 2'",
                          check->written);
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

/* Where an option is written; where it is a flag's, the gate. */
static const struct mlg_node *option_node(const struct mlg_gate_config *config, const char *key)
{
    const struct mlg_node *node = mlg_node_get(config->node, key);
    return node ? node : config->node;
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
        const struct mlg_node *node = option_node(config, "vary");
        if (list && strcmp(word, "none") == 0)
            mlg_node_diagnose(list, MLG_ERROR, node, "'none' in 'vary' stands alone: nothing is varied");
        else if (list)
            mlg_node_diagnose(list, MLG_ERROR, node, "'%s' cannot be varied%s%s%s", word,
                              near ? "; did you mean '" : "; 'mlgate explain vary' shows what can",
                              near ? near : "", near ? "'?" : "");
    }
    return set;
}

static bool command_has(const struct repro_options *options, const char *placeholder)
{
    bool found = options->shell && strstr(options->shell, placeholder);
    for (size_t i = 0; i < options->run.count; i++)
        found = found || strstr(options->run.items[i], placeholder);
    return found;
}

static void check_seeds(const struct mlg_gate_config *config, struct mlg_diagnostics *list)
{
    const struct repro_options *options = config->options;
    const struct mlg_texts *seeds = &options->seeds;
    const bool has_command = options->run.count > 0 || options->shell;
    if (seeds->count > 0 && has_command && !command_has(options, "{seed}"))
        mlg_node_diagnose(list, MLG_ERROR, config->node,
                          "the command names no {seed}, so that 'seeds' would change nothing");
    if (seeds->count == 0 && command_has(options, "{seed}") && !mlg_gate_key_is_lost(config, "seeds"))
        mlg_node_diagnose(list, MLG_ERROR, config->node,
                          "the command names {seed}, and there are none; add 'seeds: [1, 2, 3]'");
    for (size_t i = 0; i < seeds->count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(seeds->items[i], seeds->items[j]) == 0)
                mlg_node_diagnose(
                    list, MLG_ERROR, seeds->nodes && seeds->nodes[i] ? seeds->nodes[i] : config->node,
                    "the seed '%s' stands twice; 'runs: 2' runs each seed twice", seeds->items[i]);
    if (seeds->count > 0 && options->vary.count > 0 && runs_of_each(config) < 2 &&
        strcmp(options->vary.items[0], "none") != 0)
        mlg_node_diagnose(list, MLG_ERROR, config->node,
                          "'vary' is for runs of the same seed, and each seed is run once; add 'runs: 2'");
    if ((int64_t)seeds->count * runs_of_each(config) > MOST_RUNS)
        mlg_node_diagnose(list, MLG_ERROR, config->node,
                          "%zu seeds with %lld runs each are more than %d runs", seeds->count,
                          (long long)runs_of_each(config), (int)MOST_RUNS);
}

static void check_sources(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                          struct mlg_diagnostics *list)
{
    const struct repro_options *options = config->options;
    for (size_t i = 0; i < options->sources.count; i++) {
        const char *name = options->sources.keys[i], *file = options->sources.values[i];
        if (mlg_suite_knows_data(suite) && !mlg_suite_data(suite, name))
            mlg_node_diagnose(list, MLG_ERROR, config->node, "'%s' in 'sources' is not a name under 'data'",
                              name);
        if (options->outputs.count > 0 && !is_output(options, file))
            mlg_node_diagnose(list, MLG_ERROR, config->node, "'%s' in 'sources' is none of the outputs",
                              file);
    }
}

static bool leaves(const char *path)
{
    return path[0] == '/' || strcmp(path, "..") == 0 || strncmp(path, "../", 3) == 0 ||
           strstr(path, "/../") || (strlen(path) > 2 && strcmp(path + strlen(path) - 3, "/..") == 0);
}

/* "output", "./output/a" */
static bool is_output_directory(const char *path)
{
    static const char name[] = "output";
    while (strncmp(path, "./", 2) == 0)
        path += 2 + strspn(path + 2, "/");
    return strncmp(path, name, sizeof name - 1) == 0 &&
           (path[sizeof name - 1] == '/' || !path[sizeof name - 1]);
}

static void repro_check(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                        struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const struct repro_options *options = config->options;
    if (options->run.count == 0 && !options->shell && !mlg_gate_key_is_lost(config, "run"))
        mlg_node_diagnose(
            list, MLG_ERROR, config->node,
            "'run' is missing; it is the command as a list, as in [python, train.py, --out, \"{output}\"]");
    if (options->run.count > 0 && options->shell)
        mlg_node_diagnose(list, MLG_ERROR, option_node(config, "shell"),
                          "'run' and 'shell' are both given; give one");
    const char *unquotable = options->shell ? mlg_rerun_unquotable(options->shell) : NULL;
    if (unquotable)
        mlg_node_diagnose(
            list, MLG_ERROR, option_node(config, "shell"),
            "%s stands in a here-document, where no quotes keep its value together; write it to "
            "a variable first, as in 'value=%s', and use \"$value\" there",
            unquotable, unquotable);
    if (options->run.count == 1 && strchr(options->run.items[0], ' '))
        mlg_node_diagnose(
            list, MLG_ERROR, option_node(config, "run"),
            "'run' is one argument with spaces in it, '%s'; it is a list of arguments, or write 'shell: %s'",
            options->run.items[0], options->run.items[0]);
    if ((options->run.count > 0 || options->shell) && !command_has(options, "{output}"))
        mlg_node_diagnose(
            list, MLG_ERROR, option_node(config, options->shell ? "shell" : "run"),
            "the command names no {output}: every run writes to a fresh directory of its own, which "
            "{output} stands for");
    if (runs_of_each(config) == 1 && options->seeds.count < 2)
        mlg_node_diagnose(list, MLG_ERROR, option_node(config, options->seeds.count ? "seeds" : "runs"),
                          options->seeds.count
                              ? "one seed that is run once compares nothing; it takes 2 seeds "
                                "or more, or 'runs: 2'"
                              : "'runs: 1' compares nothing; it takes 2 runs or more");
    check_seeds(config, list);
    check_sources(config, suite, list);
    for (size_t i = 0; i < options->outputs.count; i++)
        if (leaves(options->outputs.items[i]))
            mlg_node_diagnose(list, MLG_ERROR, option_node(config, "outputs"),
                              "the output '%s' is not below {output}", options->outputs.items[i]);
    for (size_t i = 0; i < options->inputs.count; i++)
        if (leaves(options->inputs.items[i]) && options->inputs.items[i][0] != '/')
            mlg_node_diagnose(
                list, MLG_ERROR, option_node(config, "inputs"),
                "the input '%s' lies outside of the directory of mlgate.yaml; give its absolute path, "
                "with which it is read where it is",
                options->inputs.items[i]);
        else if (!options->workdir && is_output_directory(options->inputs.items[i]))
            mlg_node_diagnose(list, MLG_ERROR, option_node(config, "inputs"),
                              "the input '%s' has the name of the directory that {output} stands for in each "
                              "run; give it another name",
                              options->inputs.items[i]);
    if (config->slices.count > 0)
        mlg_node_diagnose(list, MLG_ERROR, option_node(config, "slices"),
                          "outputs have no slices; leave 'slices' out");
    read_vary(config, list);
    for (size_t i = 0; i < config->checks.count; i++) {
        mlg_check_once(config, i, list);
        check_one(config, suite, &config->checks.items[i], arena, list);
    }
}

static bool needs_data(const struct mlg_gate_config *config)
{
    (void)config;
    return false;
}

/* ---- running ------------------------------------------------------------------------------------- */

/* What was found of two files, for the checks and the search that look at them again. */
struct known_pair {
    const char *a, *b;
    const struct mlg_comparison *comparison;
    const struct mlg_flips *flips;
    const struct mlg_comparison *inside; /* of one file with itself, for what it holds */
    bool is_looked_into;
    struct known_pair *next;
};

struct repro_run {
    struct mlg_gate_run *run;
    const struct repro_options *options;
    struct mlg_rerun *rerun;
    struct mlg_call *calls; /* per check */
    struct mlg_rerun_run **runs;
    size_t run_count, asked; /* asked: before any looks for a culprit */
    mlg_variation_set possible;
    const char *isolation, *isolation_missing;
    char (*against_sha256)[65];   /* per output, as it was before the runs; "": it was not there */
    struct mlg_rejudged **judged; /* [number of the run - 1] verdicts on what it wrote; NULL: not yet */
    struct mlg_rejudged *own;     /* verdicts on the suite's own files */
    struct mlg_noise_floor *floors;
    size_t floor_count;
    struct known_pair **known;
    struct mlg_manifest manifest; /* where one is to be written */
};

static int no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory for the gate");
}

static void keep_run(struct repro_run *state, struct mlg_rerun_run *made)
{
    state->runs[state->run_count++] = made;
    if (made->outcome.left_behind > 0)
        mlg_run_warn(state->run,
                     mlg_arena_format(state->run->arena, "run %u left %u %s behind (%s), which %s ended (%s)",
                                      made->number, made->outcome.left_behind,
                                      mlg_plural(made->outcome.left_behind, "process", "processes"),
                                      made->outcome.left_behind_names,
                                      mlg_plural(made->outcome.left_behind, "was", "were"),
                                      state->run->config->name));
    if (made->unwatched)
        mlg_run_warn(state->run,
                     mlg_arena_format(state->run->arena,
                                      "whether run %u left something where later runs find it is not known: "
                                      "%s (%s)",
                                      made->number, made->unwatched, state->run->config->name));
    state->isolation_missing = made->outcome.isolation_missing;
    state->isolation = mlg_command_isolation(&made->outcome, state->run->arena);
}

/* The first run of this seed; NULL: there is none yet. */
static const struct mlg_rerun_run *first_of(const struct repro_run *state, const char *seed)
{
    for (size_t r = 0; r < state->run_count; r++)
        if (state->runs[r]->seed == seed)
            return state->runs[r];
    return NULL;
}

/* A command that fails with something varied, and `found` of why, before what is told of it already. */
static void tell_failure(const struct repro_run *state, const struct mlg_rerun_run *failed, const char *found,
                         struct mlg_error *error)
{
    const struct mlg_rerun_run *first = first_of(state, failed->seed);
    const char *words = mlg_variation_words(failed->varied, state->run->arena);
    const struct mlg_error told = *error;
    if (first && words)
        mlg_error_set(error, told.code,
                      "run %u, which varied nothing, ended well, and with %s varied it does not; %s: %s",
                      first->number, words, found ? found : "whether that is the cause 'vary: none' tells",
                      told.text);
}

/* Makes one run and keeps it. */
static int run_once(struct repro_run *state, mlg_variation_set varied, const char *seed,
                    struct mlg_error *error)
{
    struct mlg_rerun_run *made = NULL;
    if (state->run_count >= MOST_RUNS)
        return mlg_error_set(error, MLG_LIMIT, "more than %d runs", MOST_RUNS);
    int code = mlg_rerun_run(state->rerun, varied, seed, &made, error);
    if (code != MLG_OK && made && made->has_failed && varied && error)
        tell_failure(state, made, NULL, error);
    if (code == MLG_OK)
        code = mlg_rerun_check_kept(state->rerun, state->runs, state->run_count, error);
    if (code == MLG_OK)
        keep_run(state, made);
    return code;
}

/* The first run of the same seed. */
static const struct mlg_rerun_run *base_of(const struct repro_run *state, const struct mlg_rerun_run *run)
{
    size_t r = 0;
    while (state->runs[r]->seed != run->seed)
        r++;
    return state->runs[r];
}

/* "run 2", "run 2 (seed 7)" */
static const char *run_name(const struct repro_run *state, const struct mlg_rerun_run *run)
{
    return run->seed ? mlg_arena_format(state->run->arena, "run %u (seed %s)", run->number, run->seed)
                     : mlg_arena_format(state->run->arena, "run %u", run->number);
}

/* "seed 7", of which one run stands for all; "run 2" */
static const char *spread_name(const struct repro_run *state, const struct mlg_rerun_run *run)
{
    return run->seed ? mlg_arena_format(state->run->arena, "seed %s", run->seed) : run_name(state, run);
}

static size_t output_index(const struct repro_options *options, const char *file)
{
    size_t i = 0;
    while (i < options->outputs.count && strcmp(options->outputs.items[i], file) != 0)
        i++;
    return i;
}

/* The pair as it is known; one of which nothing is known yet is added. NULL: no memory. */
static struct known_pair *find_pair(const struct repro_run *state, const char *a, const char *b)
{
    struct known_pair *pair = *state->known;
    while (pair && (strcmp(pair->a, a) != 0 || strcmp(pair->b, b) != 0))
        pair = pair->next;
    if (pair || !(pair = MLG_NEW(state->run->arena, struct known_pair)))
        return pair;
    *pair = (struct known_pair){.a = a, .b = b, .next = *state->known};
    *state->known = pair;
    return pair;
}

static int compare_predictions(const struct repro_run *state, struct known_pair *known,
                               struct mlg_error *error)
{
    const struct repro_options *options = state->options;
    const struct mlg_flips_options flips_options = {.prediction = options->prediction,
                                                    .id = options->id,
                                                    .label = options->label,
                                                    .scores = options->score.items,
                                                    .score_count = options->score.count};
    struct mlg_flips *flips = MLG_NEW(state->run->arena, struct mlg_flips);
    const int code = flips ? mlg_compare_predictions(state->run->world, known->a, known->b, &flips_options,
                                                     state->run->arena, flips, error)
                           : no_memory(error);
    known->flips = code == MLG_OK ? flips : NULL;
    return code;
}

static int compare_files(const struct repro_run *state, struct known_pair *known, bool looks_inside,
                         struct mlg_error *error)
{
    const struct repro_options *options = state->options;
    const struct mlg_compare_options compare_options = {.absolute = options->tolerance,
                                                        .relative = options->relative,
                                                        .ignore = options->ignore.items,
                                                        .ignore_count = options->ignore.count,
                                                        .id = looks_inside ? NULL : options->id,
                                                        .id_where_it_is = true,
                                                        .looks_inside = looks_inside};
    struct mlg_comparison *comparison = MLG_NEW(state->run->arena, struct mlg_comparison);
    const int code = comparison ? mlg_compare_files(state->run->world, known->a, known->b, &compare_options,
                                                    state->run->arena, comparison, error)
                                : no_memory(error);
    known->comparison = code == MLG_OK ? comparison : NULL;
    return code;
}

/* A damaged container has the same bytes in all runs, and no meaning. */
static int check_readable(const struct repro_run *state, const char *file, struct mlg_error *error)
{
    struct known_pair *known = find_pair(state, file, file);
    return !known ? no_memory(error) : known->comparison ? MLG_OK : compare_files(state, known, false, error);
}

/* The same bytes in all runs may hold no numbers, or no rows: what is in one of the files, for a distance
 * (*inside NULL: it is too large to be looked into), and for a predicate whether there is anything, which a
 * small file alone leaves open. */
static int look_inside(const struct repro_run *state, const struct mlg_repro_kernel *kernel, const char *file,
                       const struct mlg_comparison **inside, struct mlg_error *error)
{
    enum { SMALL = 64 * 1024 };
    struct known_pair *kept = find_pair(state, file, file), known = {.a = file, .b = file};
    struct mlg_error own = {0};
    const bool is_distance = kernel->kind == MLG_REPRO_DISTANCE;
    struct mlg_entry entry = {0};
    const struct mlg_world *world = state->run->world;
    if (!kept)
        return no_memory(error);
    *inside = kept->inside;
    if (kept->is_looked_into)
        return MLG_OK;
    int code = world->runner->look(world->self, file, &entry, error);
    if (code != MLG_OK || (!is_distance && entry.size > SMALL))
        return code;
    code = compare_files(state, &known, true, &own);
    kept->is_looked_into = code == MLG_OK || code == MLG_LIMIT;
    *inside = kept->inside = known.comparison;
    if (code == MLG_OK || code == MLG_LIMIT || (!is_distance && !strstr(own.text, "has no rows")))
        return MLG_OK;
    *error = own;
    return code;
}

/* Two files of one output, the second one the first run's, as far as the kernel looks at them. Each pair is
 * read once, however many checks look at it. */
static int compare(const struct repro_run *state, const struct mlg_repro_kernel *kernel, const char *a,
                   const char *b, bool same_bytes, struct mlg_repro_pair *pair, struct mlg_error *error)
{
    struct known_pair *known = find_pair(state, a, b);
    int code = MLG_OK;
    *pair = (struct mlg_repro_pair){.same_bytes = same_bytes};
    if (!known)
        return no_memory(error);
    if (kernel->needs_flips) {
        code = known->flips ? MLG_OK : compare_predictions(state, known, error);
        pair->flips = known->flips;
    } else if (kernel->needs_comparison && same_bytes) {
        code = check_readable(state, b, error);
        if (code == MLG_OK)
            code = look_inside(state, kernel, b, &pair->comparison, error);
    } else if (kernel->needs_comparison) {
        code = known->comparison ? MLG_OK : compare_files(state, known, false, error);
        pair->comparison = known->comparison;
    }
    const bool is_distance = kernel->needs_comparison && kernel->kind == MLG_REPRO_DISTANCE;
    const struct mlg_distance *total = pair->comparison ? &pair->comparison->total : NULL;
    if (code == MLG_OK && is_distance && total && total->numbers == 0 && !total->undefined)
        code = mlg_error_set(error, MLG_DATA,
                             "'%s' holds no numbers that can be read, so that there is no distance; "
                             "'identical' compares what it holds",
                             b);
    return code;
}

/* What a check finds of one pair of runs. */
struct finding {
    double value;
    const char *undefined;
    struct mlg_repro_pair pair;
    const char *with;                /* "run 2", "the artefact 'model.npz'" */
    const char *seed;                /* of the runs that are compared */
    uint64_t changed, rows, missing; /* flips over all runs of the seed */
    size_t tables;
    bool is_artefact;                      /* it is of what is there already, against a run */
    const struct mlg_spread_found *spread; /* over the runs */
    /* With what is there already counted as a run more, where it lies further away; its name. */
    const struct mlg_spread_found *spread_with;
    const char *with_whom;
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

/* The text with the places of kept files, which are gone when it is read, as "'model.npz' of run 2". */
static const char *without_places(const struct repro_run *state, const char *text)
{
    struct mlg_arena *arena = state->run->arena;
    for (size_t r = 0; text && r < state->run_count; r++)
        for (size_t i = 0; text && i < state->options->outputs.count; i++) {
            const char *path = state->runs[r]->outputs[i].path, *name = state->options->outputs.items[i];
            const char *found;
            while (text && (found = strstr(text, path))) {
                const char *after = found + strlen(path);
                const bool is_quoted = found > text && found[-1] == '\'' && after[0] == '\'';
                text = mlg_arena_format(arena, is_quoted ? "%.*s%s' of run %u%s" : "%.*s%s (run %u)%s",
                                        (int)(found - text), text, name, state->runs[r]->number,
                                        after + is_quoted);
            }
        }
    return text;
}

static int look_at_run(const struct repro_run *state, size_t check, const struct mlg_rerun_run *run,
                       struct finding *finding, struct mlg_error *error)
{
    const size_t i = output_index(state->options, state->calls[check].arguments.file);
    const struct mlg_rerun_file *ours = &run->outputs[i], *first = &base_of(state, run)->outputs[i];
    const char *with = run_name(state, run);
    const int code = look(state, check, ours->path, first->path, strcmp(ours->sha256, first->sha256) == 0,
                          with, finding, error);
    finding->seed = run->seed;
    return code;
}

/* The file of `against` for an output: the file itself, or the one of that name in the directory. */
static int find_against(const struct repro_run *state, size_t output, const char **path,
                        struct mlg_error *error)
{
    const struct mlg_world *world = state->run->world;
    const char *given =
        mlg_suite_resolve_path(state->run->suite->path, state->options->against, state->run->arena);
    struct mlg_entry entry = {0};
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

/* What is in `against` before the first run, which might write there. */
static int read_against(struct repro_run *state, struct mlg_error *error)
{
    const struct mlg_world *world = state->run->world;
    const size_t count = state->options->outputs.count;
    state->against_sha256 = mlg_arena_alloc(state->run->arena, count + 1, sizeof *state->against_sha256);
    int code = MLG_OK;
    if (!state->against_sha256)
        return no_memory(error);
    for (size_t i = 0; code == MLG_OK && i < count; i++) {
        struct mlg_entry entry = {0};
        const char *path = NULL;
        uint64_t size;
        state->against_sha256[i][0] = '\0';
        if ((code = find_against(state, i, &path, error)) == MLG_OK)
            code = world->runner->look(world->self, path, &entry, error);
        if (code == MLG_OK && entry.kind != MLG_ENTRY_MISSING)
            code = mlg_file_digest(world, path, state->against_sha256[i], &size, error);
    }
    return code;
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
    if (code == MLG_OK && strcmp(sha256, state->against_sha256[i]) != 0)
        return mlg_error_set(
            error, MLG_DATA,
            "what 'against' names, '%s', %s while the command ran: a run writes there; let it "
            "write to {output} alone",
            path, state->against_sha256[i][0] ? "changed" : "was not there before, and came");
    return code != MLG_OK
               ? code
               : look(state, check, path, first->path, strcmp(first->sha256, sha256) == 0,
                      mlg_arena_format(state->run->arena, "the artefact '%s'", state->options->against),
                      finding, error);
}

/* Would the check fail if these two runs were all? Where too few rows decide nothing (`moved`), do they
 * differ? */
static bool fails(const struct repro_run *state, size_t check, bool moved, const struct finding *finding)
{
    const struct mlg_check *item = &state->run->config->checks.items[check].check;
    if (moved)
        return finding->undefined || finding->value > 0;
    if (is_predicate(&state->calls[check]))
        return !(finding->value > 0);
    const struct mlg_evidence evidence = {.kind = MLG_VALUE_ONLY, .value = finding->value};
    return finding->undefined ||
           (item->comparator != MLG_NO_COMPARATOR && !mlg_meets(&evidence, item->comparator, &item->limit));
}

/* ---- results ------------------------------------------------------------------------------------- */

/* "run 2: 2 rows of 'p.csv' have no partner: first id=17, only there, and id=4, not there" */
static const char *describe_rows(const struct finding *finding, const struct mlg_part *part, const char *name,
                                 struct mlg_arena *arena)
{
    const char *text = mlg_arena_format(arena, "%s: %s %s of %s %s no partner", finding->with,
                                        mlg_count_text(part->distance.differ, arena),
                                        mlg_plural(part->distance.differ, "row", "rows"), name,
                                        mlg_plural(part->distance.differ, "has", "have"));
    for (size_t i = 0; text && part->places && i < part->place_count; i++)
        text = mlg_arena_format(arena, "%s%s%s, %s", text, i ? ", and " : ": first ", part->places[i].place,
                                part->places[i].a ? "only there" : "not there");
    return text;
}

/* "'w' (float32 [128]) differs in 3 of 128 elements, by 1e-07 at most, first at w[3]: 0.5 against 0.6" */
static const char *describe(const struct finding *finding, const char *file, bool is_distance,
                            struct mlg_arena *arena)
{
    const struct mlg_comparison *comparison = finding->pair.comparison;
    char number[MLG_NUMBER_SIZE] = "";
    for (size_t i = 0; comparison && i < comparison->part_count; i++) {
        const struct mlg_part *part = &comparison->parts[i];
        /* A tolerance is for 'identical': a distance tells what moves within it too. */
        const bool moves = is_distance && !finding->undefined && part->distance.differ > 0;
        if ((part->verdict <= MLG_PART_SAME && !moves) || (finding->undefined && !part->distance.undefined))
            continue;
        if (isfinite(part->distance.max_abs_difference))
            mlg_number_print(part->distance.max_abs_difference, number);
        const char *name = mlg_arena_format(arena, "'%s'", part->name[0] ? part->name : file);
        const struct mlg_part_place *first = part->place_count ? &part->places[0] : NULL;
        const char *place =
            first && (first->a || first->b)
                ? mlg_arena_format(arena, ", first at %s: %s against %s", first->place,
                                   first->a ? first->a : "nothing", first->b ? first->b : "nothing")
                : "";
        const bool has_distance = part->distance.numbers && part->distance.max_abs_difference > 0;
        if (part->verdict > MLG_PART_DIFFERENT)
            return mlg_arena_format(arena, "%s: %s is %s%s%s", finding->with, name,
                                    part->verdict == MLG_PART_ONLY_A   ? "only there"
                                    : part->verdict == MLG_PART_ONLY_B ? "not there"
                                                                       : "different, and nobody can read it",
                                    part->why ? "; " : "", part->why ? part->why : place);
        if (part->kind == MLG_PART_ROWS)
            return describe_rows(finding, part, name, arena);
        if (part->why)
            return mlg_arena_format(arena, "%s: %s is another: %s", finding->with, name, part->why);
        return mlg_arena_format(
            arena, "%s: %s%s%s%s differs in %s of %s elements%s%s%s%s", finding->with, name,
            part->what ? " (" : "", part->what ? part->what : "", part->what ? ")" : "",
            mlg_count_text(is_distance ? part->distance.differ : part->distance.beyond, arena),
            mlg_count_text(part->distance.elements, arena), has_distance ? ", by " : "",
            has_distance ? number : "", has_distance ? " at most" : "", place);
    }
    return finding->pair.same_bytes
               ? NULL
               : mlg_arena_format(arena, "%s: the bytes of '%s' are others", finding->with, file);
}

static const char *describe_flips(const struct finding *finding, struct mlg_arena *arena)
{
    const struct mlg_flips *flips = finding->pair.flips;
    const char *text =
        mlg_arena_format(arena, "%s: %s of %s predictions changed", finding->with,
                         mlg_count_text(flips->changed, arena), mlg_count_text(flips->n, arena));
    if (text && finding->changed > flips->changed)
        text = mlg_arena_format(arena, "%s (in any of %zu runs: %s)", text, finding->tables - 1,
                                mlg_count_text(finding->changed, arena));
    if (text && flips->labelled)
        text = mlg_arena_format(arena, "%s, %s from right to wrong and %s from wrong to right", text,
                                mlg_count_text(flips->correct_to_wrong, arena),
                                mlg_count_text(flips->wrong_to_correct, arena));
    return text;
}

/* "in 399 of 400 rows no run has a prediction: they are not compared"; NULL: all are. */
static const char *describe_missing(const struct finding *finding, bool of_scores, struct mlg_arena *arena)
{
    const struct mlg_flips *flips = finding->pair.flips;
    if (of_scores && flips->missing_scores > 0)
        return mlg_arena_format(arena, "%s: %s of %s scores are missing in both: they are not compared",
                                finding->with, mlg_count_text(flips->missing_scores, arena),
                                mlg_count_text(flips->scores, arena));
    if (!of_scores && finding->missing > 0)
        return mlg_arena_format(arena, "in %s of %s rows no run has a prediction: they are not compared",
                                mlg_count_text(finding->missing, arena),
                                mlg_count_text(finding->missing + finding->rows, arena));
    return NULL;
}

/* Where a score changes most. */
static const char *describe_scores(const struct finding *finding, struct mlg_arena *arena)
{
    return mlg_arena_format(arena, "%s: a score changes most at %s", finding->with,
                            finding->pair.flips->max_score_text);
}

/* "run 2: id=17 is only in 'p.csv' of run 1; 3 rows are not there, 0 only there" */
static const char *describe_other_rows(const struct repro_run *state, const struct finding *finding)
{
    struct mlg_arena *arena = state->run->arena;
    const struct mlg_flips *flips = finding->pair.flips;
    return mlg_arena_format(arena, "%s: %s; %s %s only there, and %s %s not there", finding->with,
                            without_places(state, flips->only), mlg_count_text(flips->only_a, arena),
                            mlg_plural(flips->only_a, "row is", "rows are"),
                            mlg_count_text(flips->only_b, arena),
                            mlg_plural(flips->only_b, "row is", "rows are"));
}

/* Of all pairs the one that is worst for the check. */
static bool is_worse(const struct mlg_call *call, const struct finding *finding, const struct finding *worst)
{
    if (!worst->with || finding->undefined || worst->undefined)
        return !worst->with || (finding->undefined && !worst->undefined);
    return is_predicate(call) ? finding->value < worst->value : finding->value > worst->value;
}

/* The predictions of all runs of a seed together, with the artefact's where that is one of them: what was
 * there before comes first. */
static int find_flips_of(const struct repro_run *state, size_t check, const char *seed,
                         struct finding *finding, struct mlg_error *error)
{
    const struct repro_options *options = state->options;
    struct mlg_arena *arena = state->run->arena;
    const size_t output = output_index(options, state->calls[check].arguments.file);
    const struct mlg_flips_options flips_options = {
        .prediction = options->prediction, .id = options->id, .label = options->label};
    const char **tables = MLG_NEW_ARRAY(arena, const char *, state->run_count + 1);
    const char **names = MLG_NEW_ARRAY(arena, const char *, state->run_count + 1);
    struct mlg_flips_of_all *all = MLG_NEW(arena, struct mlg_flips_of_all);
    const bool has_artefact = options->against && seed == state->runs[0]->seed;
    *finding = (struct finding){.seed = seed};
    if (!tables || !names || !all)
        return no_memory(error);
    if (has_artefact) {
        const int code = find_against(state, output, &tables[0], error);
        if (code != MLG_OK)
            return code;
        names[finding->tables++] = "the artefact";
    }
    for (size_t r = 0; r < state->run_count; r++)
        if (state->runs[r]->seed == seed) {
            tables[finding->tables] = state->runs[r]->outputs[output].path;
            names[finding->tables++] = run_name(state, state->runs[r]);
        }
    if (finding->tables < 2)
        return MLG_OK;
    const int code = mlg_compare_all_predictions(state->run->world, tables, finding->tables, &flips_options,
                                                 arena, all, error);
    if (code != MLG_OK)
        return code;
    finding->pair.flips = &all->worst;
    finding->value = mlg_repro_kernel_of(&state->calls[check])->value(&finding->pair, &finding->undefined);
    finding->value = finding->undefined ? finding->value : (double)all->changed / (double)all->n;
    finding->changed = all->changed;
    finding->rows = all->n;
    finding->missing = all->missing;
    finding->with = has_artefact ? mlg_arena_format(arena, "%s against the artefact '%s'",
                                                    names[all->worst_table], options->against)
                                 : names[all->worst_table];
    return MLG_OK;
}

static int find_flips(const struct repro_run *state, size_t check, struct finding *worst,
                      struct mlg_error *error)
{
    for (size_t r = 0; r < state->run_count; r++) {
        struct finding finding;
        if (base_of(state, state->runs[r]) != state->runs[r])
            continue;
        const int code = find_flips_of(state, check, state->runs[r]->seed, &finding, error);
        if (code != MLG_OK)
            return code;
        if (finding.with && is_worse(&state->calls[check], &finding, worst))
            *worst = finding;
    }
    return MLG_OK;
}

/* ---- over all runs ------------------------------------------------------------------------------- */

/* How the columns of an output are read. */
static struct mlg_data data_of(const struct repro_run *state, const char *file)
{
    const struct repro_options *options = state->options;
    const struct mlg_data *source = source_of(options, state->run->suite, file);
    struct mlg_data data = source ? *source : mlg_data_defaults;
    if (source)
        return data;
    data.name = file;
    data.label = options->label;
    data.prediction = options->prediction;
    data.score.column = options->score.count == 1 ? options->score.items[0] : NULL;
    data.positive = options->positive;
    return data;
}

/* METRIC on these copies of FILE. */
static int find_spread_of(const struct repro_run *state, size_t check, const char *const *files,
                          const char *const *names, size_t count, struct finding *finding,
                          struct mlg_error *error)
{
    const struct mlg_call *call = &state->calls[check];
    const struct mlg_data data = data_of(state, call->arguments.file);
    struct mlg_spread_found *found = MLG_NEW(state->run->arena, struct mlg_spread_found);
    if (!found)
        return no_memory(error);
    const struct mlg_spread_order order = {.run = state->run,
                                           .data = &data,
                                           .call = call->inner,
                                           .column = call->arguments.column,
                                           .output = call->arguments.file,
                                           .files = files,
                                           .run_names = names,
                                           .count = count,
                                           .confidence =
                                               state->run->config->checks.items[check].settings.confidence};
    const int code = mlg_spread_measure(&order, state->run->arena, found, error);
    *finding = (struct finding){.value = found->value, .undefined = found->undefined, .spread = found};
    return code;
}

enum { MOST_ARTEFACTS = 2 };

/* FILE as these runs wrote it, with their names, and room for what is there already. */
static int list_files(const struct repro_run *state, size_t check, const struct mlg_rerun_run *const *runs,
                      size_t count, const char ***files, const char ***names, struct mlg_error *error)
{
    struct mlg_arena *arena = state->run->arena;
    const size_t output = output_index(state->options, state->calls[check].arguments.file);
    *files = MLG_NEW_ARRAY(arena, const char *, count + MOST_ARTEFACTS);
    *names = MLG_NEW_ARRAY(arena, const char *, count + MOST_ARTEFACTS);
    if (!*files || !*names)
        return no_memory(error);
    for (size_t r = 0; r < count; r++) {
        (*files)[r] = runs[r]->outputs[output].path;
        (*names)[r] = spread_name(state, runs[r]);
    }
    return MLG_OK;
}

/* METRIC on what these runs wrote. */
static int find_spread(const struct repro_run *state, size_t check, const struct mlg_rerun_run *const *runs,
                       size_t count, struct finding *finding, struct mlg_error *error)
{
    const char **files, **names;
    const int code = list_files(state, check, runs, count, &files, &names, error);
    return code == MLG_OK ? find_spread_of(state, check, files, names, count, finding, error) : code;
}

/* How a source's files are read. */
static struct mlg_reader_options reader_of(const struct mlg_data *data)
{
    struct mlg_reader_options options = {.format = data->format,
                                         .decimal = data->decimal ? data->decimal[0] : '.'};
    if (data->delimiter)
        options.delimiter = strcmp(data->delimiter, "tab") == 0 ? '\t' : data->delimiter[0];
    return options;
}

/* Is the column what the model answers, which may move? */
static bool is_answer(const struct mlg_data *data, const char *column)
{
    const char *prefix = data->score_prefix;
    return mlg_text_equal(column, data->prediction) || mlg_text_equal(column, data->score.column) ||
           mlg_text_is_among(column, data->score.map.values, data->score.map.count) ||
           (prefix && strncmp(column, prefix, strlen(prefix)) == 0);
}

/* Are the files about the same rows as the first, with the same labels and the same cells in `columns`? *why
 * names the first that is not. */
static int check_rows(const struct repro_run *state, const struct mlg_data *data,
                      const struct mlg_texts *columns, const char *const *files, const char *const *names,
                      size_t count, const char **why, struct mlg_error *error)
{
    struct mlg_arena *arena = state->run->arena;
    const struct mlg_reader_options reader = reader_of(data);
    const size_t map = data->score.map.count;
    const char **present = MLG_NEW_ARRAY(arena, const char *, map + 2);
    const char **same = MLG_NEW_ARRAY(arena, const char *, columns->count + 3);
    size_t same_count = 0;
    if (!present || !same)
        return no_memory(error);
    same[same_count++] = data->label;
    same[same_count++] = data->weight;
    same[same_count++] = data->query;
    present[0] = data->prediction;
    present[1] = data->score.column;
    for (size_t i = 0; i < map; i++)
        present[2 + i] = data->score.map.values[i];
    for (size_t i = 0; i < columns->count; i++)
        if (!is_answer(data, columns->items[i]))
            same[same_count++] = columns->items[i];
    const struct mlg_rows_options options = {.id = data->id ? data->id : state->options->id,
                                             .same = same,
                                             .same_count = same_count,
                                             .present = present,
                                             .present_count = map + 2,
                                             .reader = &reader};
    *why = NULL;
    for (size_t i = 1; i < count && !*why; i++) {
        struct mlg_error own = {0};
        const char *text = NULL;
        const int code =
            mlg_compare_rows(state->run->world, files[i], files[0], &options, arena, &text, &own);
        if (code == MLG_LIMIT || code == MLG_INTERNAL) {
            *error = own;
            return code;
        }
        if (code != MLG_OK)
            text = mlg_error_sentence(&own, arena);
        if (text)
            *why = mlg_arena_format(arena, "%s is not about the rows of %s: %s", names[i], names[0],
                                    without_places(state, text));
    }
    return MLG_OK;
}

/* What is there already of FILE: the file of `against`, and the suite's own that it takes the place of. */
static int list_artefacts(const struct repro_run *state, const char *file, const char **files,
                          const char **names, size_t *count, struct mlg_error *error)
{
    struct mlg_arena *arena = state->run->arena;
    const struct mlg_data *source = source_of(state->options, state->run->suite, file);
    if (state->options->against) {
        const int code = find_against(state, output_index(state->options, file), &files[*count], error);
        if (code != MLG_OK)
            return code;
        names[(*count)++] = mlg_arena_format(arena, "the artefact '%s'", state->options->against);
    }
    const char *path = source ? mlg_suite_resolve_path(state->run->suite->path, source->path, arena) : NULL;
    if (source && !path)
        return no_memory(error);
    if (path && strcmp(path, "-") != 0 && (*count == 0 || strcmp(path, files[*count - 1]) != 0)) {
        files[*count] = path;
        names[(*count)++] = mlg_arena_format(arena, "the suite's own '%s'", source->path);
    }
    return MLG_OK;
}

/* One run of each seed; without seeds all. */
static size_t list_spread_runs(const struct repro_run *state, const struct mlg_rerun_run **runs)
{
    size_t count = 0;
    for (size_t r = 0; r < state->run_count; r++)
        if (state->options->seeds.count == 0 || base_of(state, state->runs[r]) == state->runs[r])
            runs[count++] = state->runs[r];
    return count;
}

/* Over the runs, and with what is there already. */
static int find_spread_of_all(const struct repro_run *state, size_t check, struct finding *worst,
                              struct mlg_error *error)
{
    const struct mlg_call *call = &state->calls[check];
    const struct mlg_rerun_run **runs =
        MLG_NEW_ARRAY(state->run->arena, const struct mlg_rerun_run *, state->run_count);
    const char **files, **names, *why = NULL;
    const struct mlg_data data = data_of(state, call->arguments.file);
    const char *column = call->arguments.column;
    if (!runs)
        return no_memory(error);
    size_t count = list_spread_runs(state, runs);
    const size_t own = count;
    struct finding with;
    int code = list_files(state, check, runs, count, &files, &names, error);
    if (code == MLG_OK)
        code = find_spread_of(state, check, files, names, own, worst, error);
    if (code == MLG_OK)
        code = list_artefacts(state, call->arguments.file, files, names, &count, error);
    if (code == MLG_OK && !worst->undefined)
        code = check_rows(state, &data, &(const struct mlg_texts){.items = &column, .count = column != NULL},
                          files, names, count, &why, error);
    if (why)
        worst->undefined = why;
    if (code != MLG_OK || count == own || worst->undefined)
        return code;
    code = find_spread_of(state, check, files, names, count, &with, error);
    if (code != MLG_OK || !(with.undefined || with.value > worst->value))
        return code;
    worst->undefined = with.undefined;
    worst->value = with.value;
    worst->spread_with = with.spread;
    const size_t smallest = with.spread->spread.smallest;
    worst->with_whom = names[smallest >= own ? smallest : with.spread->spread.largest];
    return MLG_OK;
}

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
        return no_memory(error);
    for (size_t i = 0; run && i < sources->count; i++)
        files.values[i] = run->outputs[output_index(state->options, sources->values[i])].path;
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

static int find_verdicts(const struct repro_run *state, const struct mlg_rerun_run *const *runs, size_t count,
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
                mlg_arena_format(state->run->arena, "%s: %s", run_name(state, runs[r]), judged->error);
        if (!same_verdicts(first, judged))
            finding->value = 0;
    }
    return MLG_OK;
}

/* Columns that something judges by; a name that is none of a column is of no matter. */
struct column_list {
    struct mlg_texts columns;
    size_t capacity;
    struct mlg_arena *arena;
    bool failed;
};

static void list_column(struct column_list *list, const char *column)
{
    struct mlg_texts *columns = &list->columns;
    if (!column || list->failed || mlg_text_is_among(column, columns->items, columns->count))
        return;
    const char **items =
        mlg_arena_grow(list->arena, columns->items, &list->capacity, columns->count + 1, sizeof *items);
    list->failed = !items;
    if (!items)
        return;
    columns->items = items;
    items[columns->count++] = column;
}

static void list_slicings(struct column_list *list, const struct mlg_slicings *slicings)
{
    for (size_t i = 0; i < slicings->count; i++)
        for (size_t k = 0; k < slicings->items[i].column_count; k++)
            list_column(list, slicings->items[i].columns[k]);
}

/* The gate's slices, attributes and lists of columns, and what arguments of its checks name. */
static void list_columns(struct column_list *list, const struct mlg_gate_config *config)
{
    list_slicings(list, &config->slices);
    for (const struct mlg_param *row = config->gate->params; row && row->name; row++) {
        const void *field = (const char *)config->options + row->offset;
        if (row->kind == &mlg_kind_attributes || row->kind == &mlg_kind_slices)
            list_slicings(list, field);
        const struct mlg_texts *texts =
            row->kind == &mlg_kind_texts && mlg_text_equal(row->argument, "COLUMN") ? field : NULL;
        for (size_t i = 0; texts && i < texts->count; i++)
            list_column(list, texts->items[i]);
    }
    for (size_t c = 0; c < config->checks.count; c++)
        for (size_t i = 0; i < config->checks.items[c].check.argument_count; i++)
            list_column(list, config->checks.items[c].check.arguments[i].value);
}

/* The columns of the source that the suite's other gates judge by, beside labels and answers. */
static void list_judged_columns(const struct repro_run *state, const struct mlg_data *data,
                                struct column_list *list)
{
    const struct mlg_suite *suite = state->run->suite;
    list_column(list, data->cluster);
    list_column(list, data->time);
    list_column(list, data->fold);
    for (size_t g = 0; g < suite->gate_count; g++) {
        const struct mlg_gate_config *config = &suite->gates[g];
        const bool reads = mlg_text_equal(config->data, data->name) ||
                           (config->gate->reads && config->gate->reads(config, data->name));
        if (config->gate != state->run->config->gate && reads)
            list_columns(list, config);
    }
}

/* The rows that the runs wrote for the suite's sources, and its own: are they the same? */
static int check_rows_of_sources(const struct repro_run *state, const char **why, struct mlg_error *error)
{
    struct mlg_arena *arena = state->run->arena;
    const struct mlg_map *sources = &state->options->sources;
    const char **files = MLG_NEW_ARRAY(arena, const char *, state->run_count + 1);
    const char **names = MLG_NEW_ARRAY(arena, const char *, state->run_count + 1);
    int code = files && names ? MLG_OK : no_memory(error);
    for (size_t i = 0; code == MLG_OK && i < sources->count && !*why; i++) {
        const struct mlg_data *data = mlg_suite_data(state->run->suite, sources->keys[i]);
        const char *path = data ? mlg_suite_resolve_path(state->run->suite->path, data->path, arena) : NULL;
        size_t count = 0;
        if (!path || strcmp(path, "-") == 0)
            continue;
        files[count] = path;
        names[count++] = mlg_arena_format(arena, "the suite's own '%s'", data->path);
        for (size_t r = 0; r < state->run_count; r++) {
            files[count] = state->runs[r]->outputs[output_index(state->options, sources->values[i])].path;
            names[count++] = run_name(state, state->runs[r]);
        }
        struct column_list list = {.arena = arena};
        list_judged_columns(state, data, &list);
        code = list.failed ? no_memory(error)
                           : check_rows(state, data, &list.columns, files, names, count, why, error);
    }
    return code;
}

/* On all runs, and on the suite's own files, which are one more. */
static int find_verdicts_of_all(struct repro_run *state, struct finding *worst, struct mlg_error *error)
{
    const char *why = NULL;
    int code = find_verdicts(state, (const struct mlg_rerun_run *const *)state->runs, state->run_count, worst,
                             error);
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
        code = check_rows_of_sources(state, &why, error);
    worst->undefined = why ? why : worst->undefined;
    return code;
}

/* "'accuracy / f1 >= 0.7': pass on the suite's own files, fail on run 1" */
static void note_own_verdict(const struct repro_run *state, const char *id, struct mlg_check_result *result)
{
    struct mlg_arena *arena = state->run->arena;
    const enum mlg_verdict own = verdict_of(state->own, id), first = verdict_of(state->judged[0], id);
    if (own != first)
        mlg_check_note(result,
                       mlg_arena_format(arena, "'%s': %s on the suite's own files, %s on %s", id,
                                        own < MLG_VERDICT_COUNT ? mlg_verdicts[own].word : "not there",
                                        first < MLG_VERDICT_COUNT ? mlg_verdicts[first].word : "not there",
                                        run_name(state, state->runs[0])),
                       arena);
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
    mlg_check_note(result,
                   mlg_arena_format(arena, "'%s': %s on %s, %s on %s%s", id,
                                    before < MLG_VERDICT_COUNT ? mlg_verdicts[before].word : "not there",
                                    run_name(state, state->runs[0]),
                                    after < MLG_VERDICT_COUNT ? mlg_verdicts[after].word : "not there",
                                    run_name(state, other),
                                    count > 1
                                        ? mlg_arena_format(arena, "; %zu of %zu runs are not as the first",
                                                           count, state->run_count)
                                        : ""),
                   arena);
}

static void note_verdicts(const struct repro_run *state, struct mlg_check_result *result)
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

static int find_worst(struct repro_run *state, size_t check, struct finding *worst, struct mlg_error *error)
{
    const enum mlg_repro_kind kind = mlg_repro_kernel_of(&state->calls[check])->kind;
    *worst = (struct finding){0};
    struct finding finding;
    if (kind == MLG_REPRO_SHARE)
        return find_flips(state, check, worst, error);
    if (kind == MLG_REPRO_VERDICTS)
        return find_verdicts_of_all(state, worst, error);
    if (kind == MLG_REPRO_SPREAD)
        return find_spread_of_all(state, check, worst, error);
    for (size_t r = 1; r < state->run_count; r++) {
        if (base_of(state, state->runs[r]) == state->runs[r])
            continue;
        const int code = look_at_run(state, check, state->runs[r], &finding, error);
        if (code != MLG_OK)
            return code;
        if (is_worse(&state->calls[check], &finding, worst))
            *worst = finding;
    }
    if (!state->options->against)
        return MLG_OK;
    const int code = look_at_artefact(state, check, &finding, error);
    finding.seed = state->runs[0]->seed;
    finding.is_artefact = true;
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

/* ---- what is told of a spread ---------------------------------------------------------------------- */

enum { ENOUGH_RUNS = 5 };

static void add_part(struct mlg_check_result *result, const char *name, double value)
{
    result->parts[result->part_count++] = (struct mlg_part_result){name, {isfinite(value), value}};
}

static void note_spread(const struct repro_run *state, const struct mlg_call *call,
                        const struct finding *finding, struct mlg_check_result *result)
{
    struct mlg_arena *arena = state->run->arena;
    const struct mlg_spread_found *found = finding->spread;
    const struct mlg_spread *spread = &found->spread;
    const bool seeds = state->options->seeds.count > 0;
    const char *word = seeds ? "seeds" : "runs", *metric = call->inner->metric->name;
    const struct mlg_rerun_run **runs = MLG_NEW_ARRAY(arena, const struct mlg_rerun_run *, state->run_count);
    result->parts = MLG_NEW_ARRAY(arena, struct mlg_part_result, 4);
    if (!runs || !result->parts)
        return;
    list_spread_runs(state, runs);
    result->n = result->rows = spread->count;
    add_part(result, "smallest", spread->minimum);
    add_part(result, "largest", spread->maximum);
    add_part(result, "mean", spread->mean);
    add_part(result, "sd", spread->sd);
    if (finding->spread_with)
        mlg_check_note(result,
                       mlg_arena_format(
                           arena,
                           "with %s, which counts as one more, %s%s%s spreads over [%.4g, %.4g]; what "
                           "follows is over the %s alone",
                           finding->with_whom, metric, finding->spread_with->group ? " of " : "",
                           finding->spread_with->group ? finding->spread_with->group : "",
                           finding->spread_with->spread.minimum, finding->spread_with->spread.maximum, word),
                       arena);
    const char *where = spread->sd > 0 ? mlg_arena_format(arena, "smallest with %s, largest with %s",
                                                          spread_name(state, runs[spread->smallest]),
                                                          spread_name(state, runs[spread->largest]))
                                       : mlg_arena_format(arena, "%.4g with each", spread->mean);
    mlg_check_note(result,
                   mlg_arena_format(arena, "%s%s%s over %zu %s: %s", metric, found->group ? " of " : "",
                                    found->group ? found->group : "", spread->count, word, where),
                   arena);
    if (spread->sd > 0)
        mlg_check_note(
            result,
            mlg_arena_format(arena,
                             "bounds at %.4g %% each: mean of all %s [%.4g, %.4g], next run [%.4g, %.4g]",
                             100 * result->confidence, word, spread->all_runs.lower, spread->all_runs.upper,
                             spread->next_run.lower, spread->next_run.upper),
            arena);
    else if (seeds)
        mlg_check_note(result,
                       mlg_arena_format(arena,
                                        "every seed gives the same %s: nothing depends on it, or the "
                                        "command does not use it",
                                        metric),
                       arena);
    if (spread->count < ENOUGH_RUNS)
        mlg_check_note(result,
                       mlg_arena_format(arena, "the spread of %zu %s says little; take %d or more",
                                        spread->count, word, ENOUGH_RUNS),
                       arena);
    if (isfinite(found->sampling_error))
        mlg_check_note(
            result,
            mlg_arena_format(arena, "spread over %s %.2g; sampling error of %s rows +-%.2g: %s", word,
                             found->value, mlg_count_text(found->rows, arena), found->sampling_error,
                             found->value <= found->sampling_error
                                 ? "these rows cannot see a difference of that size"
                                 : "it is the training that moves, and more rows would not steady it"),
            arena);
}

static bool same_arguments(const struct mlg_noise_floor *a, const struct mlg_noise_floor *b)
{
    bool same = a->argument_count == b->argument_count;
    for (size_t i = 0; same && i < a->argument_count; i++)
        same = strcmp(a->arguments[i].key, b->arguments[i].key) == 0 &&
               strcmp(a->arguments[i].value, b->arguments[i].value) == 0;
    return same && strcmp(a->metric, b->metric) == 0 && strcmp(a->file, b->file) == 0;
}

/* The arguments of METRIC: what stands behind FILE and METRIC. False: no memory. */
static bool list_arguments(const struct mlg_check *check, struct mlg_noise_floor *floor,
                           struct mlg_arena *arena)
{
    size_t skipped = 0;
    floor->arguments = MLG_NEW_ARRAY(arena, struct mlg_pair, check->argument_count + 1);
    if (!floor->arguments)
        return false;
    for (size_t i = 0; i < check->argument_count; i++)
        skipped += check->arguments[i].name && (strcmp(check->arguments[i].name, "file") == 0 ||
                                                strcmp(check->arguments[i].name, "metric") == 0);
    for (size_t i = 0; i < check->argument_count; i++) {
        const struct mlg_argument *argument = &check->arguments[i];
        if (argument->name ? strcmp(argument->name, "file") == 0 || strcmp(argument->name, "metric") == 0
                           : skipped++ < 2)
            continue;
        floor->arguments[floor->argument_count++] =
            (struct mlg_pair){argument->name ? argument->name : "", argument->value};
    }
    return true;
}

/* Of a metric on all rows; once, however many checks limit it. */
static void add_noise_floor(struct repro_run *state, size_t check, const struct finding *finding)
{
    const struct mlg_call *call = &state->calls[check];
    const struct mlg_spread_found *found = finding->spread;
    if (call->arguments.column || found->spread.count < 2)
        return;
    struct mlg_noise_floor floor = {
        .metric = call->inner->metric->name,
        .file = call->arguments.file,
        .over = state->options->seeds.count > 0 ? "seeds" : "runs",
        .runs = found->spread.count,
        .mean = found->spread.mean,
        .sd = found->spread.sd,
        .spread = found->value,
        .rows = found->rows,
        .sampling_error = {isfinite(found->sampling_error), found->sampling_error}};
    if (!list_arguments(&state->run->config->checks.items[check].check, &floor, state->run->arena))
        return;
    for (size_t i = 0; i < state->floor_count; i++)
        if (same_arguments(&state->floors[i], &floor))
            return;
    state->floors[state->floor_count++] = floor;
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

/* "'runs/2/p.csv', line 3: empty line" */
static const char *placed_text(const struct mlg_error *error, struct mlg_arena *arena)
{
    const struct mlg_place *place = &error->place;
    const char *text = NULL;
    if (place->file && place->line)
        text = mlg_arena_format(arena, "'%s', line %lu: %s", place->file, place->line, error->text);
    else if (place->file && !strstr(error->text, place->file))
        text = mlg_arena_format(arena, "'%s': %s", place->file, error->text);
    return text ? text : mlg_kept_text(error->text, arena);
}

/* Patterns that met nothing in all that was compared; files of the same bytes are not looked into. */
static void warn_of_unmet_patterns(const struct repro_run *state)
{
    const struct mlg_texts *ignore = &state->options->ignore;
    uint64_t met = 0;
    bool is_known = false;
    for (const struct known_pair *pair = *state->known; pair; pair = pair->next)
        if (pair->comparison && !pair->comparison->identical_bytes) {
            met |= pair->comparison->ignored;
            is_known = true;
        }
    for (size_t i = 0; is_known && i < ignore->count && i < MLG_COMPARE_IGNORE; i++)
        if (!(met >> i & 1))
            mlg_run_warn(state->run,
                         mlg_arena_format(state->run->arena,
                                          "'%s' in 'ignore' met nothing in what was compared (%s)",
                                          ignore->items[i], state->run->config->name));
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
        if (code == MLG_OK && is_of_two(kernel) && !worst->with)
            code = mlg_error_set(error, MLG_DATA,
                                 "no seed was run twice, so that there are no two runs to compare");
        if (code != MLG_OK) {
            mlg_check_not_measured(result, without_places(state, placed_text(error, arena)));
            result->underlying = result->verdict;
            *error = (struct mlg_error){0};
            return MLG_OK;
        }
    }
    set_evidence(kernel, worst, &evidence);
    if (is_predicate(call))
        judge_predicate(worst,
                        kernel->kind == MLG_REPRO_VERDICTS ? "verdicts are not the same on all runs"
                        : worst->is_artefact               ? "the runs do not write what 'against' names"
                                                           : "the runs do not write the same",
                        result);
    else
        mlg_check_measured(&item->check, &item->settings, &evidence, call->metric->minimum,
                           call->metric->maximum, arena, result);
    if (evidence.n == 0)
        result->n = result->rows = state->run_count;
    result->underlying = result->verdict;
    if (worst->spread && !worst->undefined) {
        note_spread(state, call, worst, result);
        add_noise_floor(state, check, worst);
    } else if (kernel->kind == MLG_REPRO_VERDICTS && !worst->undefined) {
        note_verdicts(state, result);
    }
    if (kernel->needs_flips && worst->pair.flips && worst->pair.flips->only)
        mlg_check_note(result, describe_other_rows(state, worst), arena);
    const bool is_of_scores = kernel->needs_flips && kernel->kind == MLG_REPRO_DISTANCE;
    const char *missing = kernel->needs_flips && worst->pair.flips && !worst->pair.flips->only
                              ? describe_missing(worst, is_of_scores, arena)
                              : NULL;
    if (missing)
        mlg_check_note(result, missing, arena);
    if (is_of_scores && !worst->undefined && worst->pair.flips && worst->pair.flips->max_score_row)
        mlg_check_note(result, describe_scores(worst, arena), arena);
    else if (kernel->needs_flips && worst->pair.flips && worst->pair.flips->changed > 0)
        mlg_check_note(result, describe_flips(worst, arena), arena);
    else if (!kernel->needs_flips && worst->with &&
             (is_predicate(call) ? !(worst->value > 0) : worst->undefined || worst->value > 0))
        mlg_check_note(result, describe(worst, call->arguments.file, !is_predicate(call), arena), arena);
    return MLG_OK;
}

/* ---- the culprit --------------------------------------------------------------------------------- */

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

struct to_explain {
    bool is_wanted, moved; /* moved: it is inconclusive, and runs differ */
    const char *seed;      /* of the runs that differ */
    struct mlg_check_result *result;
};

/* Does this finding show what is sought? */
static bool shows(const struct search *search, const struct finding *finding)
{
    const bool any_change = search->adds_up && !is_predicate(&search->state->calls[search->check]);
    return any_change ? finding->undefined || finding->value > 0
                      : fails(search->state, search->check, search->moved, finding);
}

/* Does the run differ from the first one of its seed in what made the check not pass? */
static int differs(const struct search *search, const struct mlg_rerun_run *run, bool *answer,
                   struct mlg_error *error)
{
    struct finding finding = {0};
    const struct mlg_rerun_run *const both[] = {base_of(search->state, run), run};
    const enum mlg_repro_kind kind = mlg_repro_kernel_of(&search->state->calls[search->check])->kind;
    const int code =
        kind == MLG_REPRO_SPREAD     ? find_spread(search->state, search->check, both, 2, &finding, error)
        : kind == MLG_REPRO_VERDICTS ? find_verdicts(search->state, both, 2, &finding, error)
                                     : look_at_run(search->state, search->check, run, &finding, error);
    *answer = code == MLG_OK && shows(search, &finding);
    return code;
}

static bool is_compared(const struct search *search, const struct mlg_rerun_run *run)
{
    return run->seed == search->seed && base_of(search->state, run) != run;
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
        code = run_once(state, 0, search->seed, error);
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
        code = run_once(state, set, search->seed, error);
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
    const int code = look_at_artefact(state, search->check, &finding, error);
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
    return state->options->budget == BUDGET_OF_ITS_OWN ? state->run_count + own
                                                       : state->asked + (size_t)state->options->budget;
}

/* For each check that did not pass since runs differ. Of those that have one cause the first that reports
 * show tells it in full: they show failed ones first, then what could not be judged. */
static int explain(struct repro_run *state, const struct to_explain *checks, struct mlg_error *error)
{
    static const enum mlg_verdict shown[] = {MLG_FAIL, MLG_VERDICT_ERROR, MLG_INCONCLUSIVE};
    struct mlg_arena *arena = state->run->arena;
    const size_t count = state->run->config->checks.count;
    struct cause *causes = MLG_NEW_ARRAY(arena, struct cause, count + 1);
    if (!causes)
        return no_memory(error);
    for (size_t c = 0; c < count; c++) {
        struct search search = {.state = state,
                                .check = c,
                                .moved = checks[c].moved,
                                .seed = checks[c].seed,
                                .most_runs = most_runs(state),
                                .used = MLG_NEW_ARRAY(arena, bool, MOST_RUNS)};
        if (!search.used)
            return no_memory(error);
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
                is_told =
                    is_told || (causes[before].is_told && strcmp(causes[before].text, causes[c].text) == 0);
            mlg_check_note(checks[c].result, is_told ? causes[c].brief : causes[c].text, arena);
            checks[c].result->advice = causes[c].advice;
            causes[c].is_told = true;
        }
    return MLG_OK;
}

/* ---- the culprit where the command fails ------------------------------------------------------------ */

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

/* Why does the command fail with something varied that worked plainly? Sought as what makes outputs differ
 * is. One that takes too long is not run again and again. */
static void explain_failure(const struct repro_run *state, const struct mlg_rerun_run *failed,
                            struct mlg_error *error)
{
    const bool is_own = state->options->budget == BUDGET_OF_ITS_OWN;
    const size_t most =
        is_own ? 2 * (size_t)mlg_culprit_budget(mlg_variation_size(failed->varied)) + PLAIN_BEFORE
               : (size_t)state->options->budget;
    struct mlg_error own = {0};
    struct mlg_culprit culprit;
    mlg_variation_set set;
    bool fails = false;
    size_t made = 0;
    if (most == 0 || failed->outcome.end == MLG_COMMAND_TIMED_OUT || !first_of(state, failed->seed)) {
        tell_failure(state, failed, NULL, error);
        return;
    }
    if (try_once(state, 0, failed->seed, &fails, &own) != MLG_OK || fails) {
        tell_failure(
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
            tell_failure(state, failed, NULL, error);
            return;
        }
    }
    tell_failure(state, failed, name_failing(state, &culprit), error);
}

/* ---- judge --------------------------------------------------------------------------------------- */

/* How many runs there are to be before any looks for a culprit. */
static size_t asked_runs(const struct repro_run *state)
{
    const size_t seeds = state->options->seeds.count;
    return (seeds ? seeds : 1) * (size_t)runs_of_each(state->run->config);
}

static int repro_plan(struct mlg_gate_run *run, struct mlg_error *error)
{
    struct repro_run *state = MLG_NEW(run->arena, struct repro_run);
    if (!state ||
        !(state->calls = MLG_NEW_ARRAY(run->arena, struct mlg_call, run->config->checks.count + 1)) ||
        !(state->runs = MLG_NEW_ARRAY(run->arena, struct mlg_rerun_run *, MOST_RUNS)) ||
        !(state->known = MLG_NEW(run->arena, struct known_pair *)) ||
        !(state->judged = MLG_NEW_ARRAY(run->arena, struct mlg_rejudged *, MOST_RUNS)) ||
        !(state->floors = MLG_NEW_ARRAY(run->arena, struct mlg_noise_floor, run->config->checks.count + 1)))
        return no_memory(error);
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

/* What runs are to make, or are held against, among what they read. */
static void warn_of_results_among_inputs(const struct repro_run *state)
{
    for (size_t i = 0; i < state->options->outputs.count; i++) {
        const char *output = state->options->outputs.items[i];
        const char *sha256 = state->against_sha256 ? state->against_sha256[i] : "";
        const char *against = sha256[0] ? mlg_rerun_input_with_content(state->rerun, sha256) : NULL;
        const char *named = against ? NULL : mlg_rerun_input_with_name(state->rerun, output);
        if (against || named)
            mlg_run_warn(
                state->run,
                mlg_arena_format(state->run->arena,
                                 "the input '%s' has the %s '%s': runs that find it can begin from "
                                 "it; leave it out of 'inputs' (%s)",
                                 against ? against : named,
                                 against ? "content of what 'against' names for" : "file name of the output",
                                 output, state->run->config->name));
    }
}

static int make_runs(struct repro_run *state, const struct mlg_rerun_order *order, struct mlg_error *error)
{
    int code = mlg_rerun_begin(state->run->world, order, state->run->arena, &state->rerun, error);
    if (code != MLG_OK)
        return code;
    if (state->options->manifest)
        code = mlg_manifest_make(state->run->world, state->rerun, state->run->arena, &state->manifest, error);
    if (code != MLG_OK)
        return code;
    warn_of_results_among_inputs(state);
    const struct mlg_texts *seeds = &state->options->seeds;
    const size_t each = (size_t)runs_of_each(state->run->config), count = state->asked;
    struct mlg_rerun_plan *plans = MLG_NEW_ARRAY(state->run->arena, struct mlg_rerun_plan, count);
    struct mlg_rerun_run **made = MLG_NEW_ARRAY(state->run->arena, struct mlg_rerun_run *, count);
    size_t planned = 0, kept = 0, first = 0;
    if (!plans || !made)
        return no_memory(error);
    /* The first run tells whether the command bears another time, before others are planned. */
    if (mlg_rerun_possible(state->rerun) & mlg_variation_of("time")) {
        code = run_once(state, 0, seeds->count > 0 ? seeds->items[0] : NULL, error);
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
    const struct mlg_rerun_run *failed = code != MLG_OK && kept < planned - first ? made[kept] : NULL;
    if (failed && failed->has_failed && failed->varied && error)
        explain_failure(state, failed, error);
    if (code == MLG_OK)
        code = mlg_rerun_check_kept(state->rerun, state->runs, state->run_count, error);
    return code;
}

/* How runs went beside each other, and what that touches; or why they did not. */
static void tell_parallel(const struct repro_run *state)
{
    unsigned at_once = mlg_rerun_at_once(state->rerun);
    const char *why = mlg_rerun_why_one(state->rerun), *name = state->run->config->name;
    if (why)
        mlg_run_warn(state->run,
                     mlg_arena_format(state->run->arena,
                                      "'parallel' is not done, the runs went one after the other: "
                                      "%s (%s)",
                                      why, name));
    at_once = at_once < state->asked ? at_once : (unsigned)state->asked;
    if (at_once > 1)
        mlg_run_warn(
            state->run,
            mlg_arena_format(state->run->arena,
                             "up to %u runs went at a time: wall times and peak memory are not those of "
                             "a run alone, threads compete, and a race may show or hide (%s)",
                             at_once, name));
}

static const char *title(const struct repro_run *state)
{
    struct mlg_arena *arena = state->run->arena;
    const struct repro_options *options = state->options;
    const char *command = options->shell ? options->shell : options->run.items[0];
    for (size_t i = 1; !options->shell && command && i < options->run.count; i++)
        command = mlg_arena_format(arena, "%s %s", command, options->run.items[i]);
    const size_t seeds = options->seeds.count;
    const size_t asked = state->asked;
    const size_t more = state->run_count > asked ? state->run_count - asked : 0;
    const char *counted = more ? mlg_arena_format(arena, "%zu + %zu runs", asked, more)
                               : mlg_arena_format(arena, "%zu %s", state->run_count,
                                                  mlg_plural((unsigned)state->run_count, "run", "runs"));
    return mlg_arena_format(
        arena, "%s: %s of '%s'%s%s%s", state->run->config->name, counted ? counted : "runs",
        command ? command : "",
        seeds ? mlg_arena_format(arena, ", %zu %s", seeds, mlg_plural(seeds, "seed", "seeds")) : "",
        state->possible ? ", varied: " : "",
        state->possible ? mlg_variation_words(state->possible, arena) : "");
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
        bool is_checked = false;
        for (size_t s = 0; s < state->options->sources.count; s++)
            is_checked = is_checked || strcmp(state->options->sources.values[s], file) == 0;
        for (size_t c = 0; c < state->run->config->checks.count; c++)
            is_checked = is_checked || mlg_text_equal(state->calls[c].arguments.file, file);
        for (size_t r = 1; r < state->run_count && !other && !is_checked; r++)
            if (strcmp(state->runs[r]->outputs[i].sha256,
                       base_of(state, state->runs[r])->outputs[i].sha256) != 0)
                other = state->runs[r];
        if (other)
            mlg_run_warn(
                state->run,
                mlg_arena_format(state->run->arena,
                                 "%s writes other bytes to '%s' than run %u, and no check looks at it (%s)",
                                 run_name(state, other), file, base_of(state, other)->number,
                                 state->run->config->name));
    }
}

static int judge_checks(struct repro_run *state, struct mlg_gate_result *result, struct mlg_error *error)
{
    const struct mlg_checks *checks = &state->run->config->checks;
    struct mlg_arena *arena = state->run->arena;
    struct to_explain *wanted = MLG_NEW_ARRAY(arena, struct to_explain, checks->count + 1);
    result->checks = MLG_NEW_ARRAY(arena, struct mlg_check_result, checks->count);
    result->reported = MLG_NEW_ARRAY(arena, struct mlg_check_result, checks->count);
    if (!wanted || !result->checks || !result->reported)
        return no_memory(error);
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
        const bool has_cause = of_all && (state->options->seeds.count > 0 || worst.undefined);
        wanted[c] = (struct to_explain){.moved = place->verdict == MLG_INCONCLUSIVE && worst.value > 0,
                                        .seed = worst.with || !of_all ? worst.seed : state->runs[0]->seed,
                                        .result = place};
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
    warn_of_unmet_patterns(state);
    return explain(state, wanted, error);
}

static int write_manifest(struct repro_run *state, struct mlg_gate_result *result, struct mlg_error *error)
{
    struct mlg_arena *arena = state->run->arena;
    struct mlg_builder out;
    state->manifest.runs = state->runs;
    state->manifest.run_count = state->run_count;
    mlg_builder_init(&out, 0);
    mlg_manifest_write(&state->manifest, &out);
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
                                    .parallel = (unsigned)options->parallel,
                                    .vary = read_vary(run->config, NULL)};
    int code = order.base && options->against ? read_against(state, error) : MLG_OK;
    if (code == MLG_OK)
        code = order.base ? make_runs(state, &order, error) : no_memory(error);
    if (code == MLG_OK)
        code = judge_checks(state, result, error);
    if (code == MLG_OK && options->manifest)
        code = write_manifest(state, result, error);
    if (code != MLG_OK)
        result->check_count = result->reported_count = 0;
    const char *impossible = state->rerun ? mlg_rerun_impossible(state->rerun, run->arena) : NULL;
    if (state->rerun)
        tell_parallel(state);
    if (impossible)
        mlg_run_warn(run, mlg_arena_format(run->arena, "not varied: %s (%s)", impossible, run->config->name));
    if (state->isolation_missing)
        mlg_run_warn(run, mlg_arena_format(run->arena, "the runs were not wholly apart: %s (%s)",
                                           state->isolation_missing, run->config->name));
    result->isolation = state->isolation;
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
