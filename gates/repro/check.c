/* The config of repro, judged without running: what its checks mean, which columns and runs they need, and
 * whether the command can make them.
 */
#include <string.h>

#include "mlgate/text.h"
#include "repro_private.h"

static bool is_output(const struct repro_options *options, const char *file)
{
    return mlg_text_is_among(file, options->outputs.items, options->outputs.count);
}

/* Told after what is none of the outputs: what may be meant, or what it takes to be one; "". */
static const char *instead_of(const struct repro_options *options, const char *file, struct mlg_arena *arena)
{
    const struct mlg_texts *outputs = &options->outputs;
    const char *text = "";
    for (size_t i = 0; i < outputs->count; i++) {
        size_t size = strlen(outputs->items[i]);
        while (size > 0 && outputs->items[i][size - 1] == '/')
            size--;
        if (mlg_text_equal(outputs->items[i], ".") ||
            (size > 0 && strncmp(file, outputs->items[i], size) == 0 && file[size] == '/'))
            text = mlg_arena_format(
                arena,
                file[size] == '/' && file[size + 1] == '/'
                    ? "; no member of '%s' can be named: write it as an output of its own, too"
                    : "; it lies in '%s': list it in 'outputs' too",
                outputs->items[i]);
    }
    const char *near = text && !text[0] ? mlg_nearest(file, outputs->items, outputs->count) : NULL;
    if (near && near[strcspn(near, "*?[")])
        text = mlg_arena_format(arena, "; '%s' is a name there and no pattern: list each file", near);
    else if (near)
        text = mlg_arena_format(arena, "; did you mean '%s'?", near);
    return text ? text : "";
}

const struct mlg_data *repro_source_of(const struct repro_options *options, const struct mlg_suite *suite,
                                       const char *file)
{
    for (size_t i = 0; i < options->sources.count; i++)
        if (strcmp(options->sources.values[i], file) == 0)
            return mlg_suite_data(suite, options->sources.keys[i]);
    return NULL;
}

static bool holds_or_not(enum mlg_repro_kind kind)
{
    return kind == MLG_REPRO_PREDICATE || kind == MLG_REPRO_VERDICTS;
}

bool repro_is_predicate(const struct mlg_call *call)
{
    return holds_or_not(mlg_repro_kernel_of(call)->kind);
}

bool repro_is_predicate_name(const struct mlg_check *check)
{
    const struct mlg_metric *metric = mlg_repro_find(check->name);
    return metric && holds_or_not(((const struct mlg_repro_kernel *)metric->kernel)->kind);
}

const char *repro_counts(const struct mlg_check *check)
{
    const struct mlg_metric *metric = mlg_repro_find(check->name);
    const struct mlg_repro_kernel *kernel = metric ? metric->kernel : NULL;
    return kernel && kernel->kind == MLG_REPRO_SHARE ? NULL : "runs";
}

bool repro_is_of_two(const struct mlg_repro_kernel *kernel)
{
    return kernel->value != NULL;
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

/* Is there a source for the file (NULL: any) whose name is a mistake, which is told by itself? */
static bool has_unknown_source(const struct repro_options *options, const struct mlg_suite *suite,
                               const char *file)
{
    for (size_t i = 0; i < options->sources.count; i++)
        if ((!file || strcmp(options->sources.values[i], file) == 0) &&
            !mlg_suite_data(suite, options->sources.keys[i]))
            return true;
    return false;
}

static void check_spread(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                         const struct mlg_check_config *item, const struct mlg_call *call,
                         struct mlg_diagnostics *list)
{
    const struct repro_options *options = config->options;
    const enum mlg_repro_kind kind = mlg_repro_kernel_of(call)->kind;
    if (kind == MLG_REPRO_VERDICTS && !has_unknown_source(options, suite, NULL) &&
        !mlg_rejudge_reads(suite, config->gate, &options->sources))
        mlg_node_diagnose(list, MLG_ERROR, item->node,
                          options->sources.count
                              ? "'%s' has nothing to judge: no other gate reads what 'sources' "
                                "names"
                              : "'%s' judges the suite's other gates on what the runs wrote; "
                                "add 'sources: {NAME: FILE}', a data source and the output "
                                "that takes its place",
                          item->check.written);
    if (kind != MLG_REPRO_SPREAD || repro_source_of(options, suite, call->arguments.file) ||
        has_unknown_source(options, suite, call->arguments.file))
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
    if (repro_is_predicate(&call) && check->comparator != MLG_NO_COMPARATOR)
        mlg_node_diagnose(list, MLG_ERROR, item->node,
                          "'%s' holds or does not: write '%s%s%s%s' without a limit", check->name,
                          check->name, file ? "(" : "", file ? file : "", file ? ")" : "");
    if (check->comparator != MLG_NO_COMPARATOR &&
        mlg_limit_judge(check->comparator, &check->limit, call.metric->minimum, call.metric->maximum) ==
            MLG_LIMIT_IMPOSSIBLE)
        mlg_node_diagnose(list, MLG_ERROR, item->node, "'%s' can never hold: %s is %g or more",
                          check->written, call.metric->name, call.metric->minimum);
    if (file && options->outputs.count > 0 && !is_output(options, file))
        mlg_node_diagnose(list, MLG_ERROR, item->node, "'%s' is none of the outputs%s", file,
                          instead_of(options, file, arena));
    check_spread(config, suite, item, &call, list);
    if (repro_is_of_two(kernel) && options->seeds.count > 0 && repro_runs_of_each(config) < 2 &&
        !options->against)
        mlg_node_diagnose(list, MLG_ERROR, item->node,
                          "'%s' compares runs of the same seed, and each seed is run once; add 'runs: 2'",
                          check->written);
    if (kernel->kind == MLG_REPRO_SHARE && !options->prediction)
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

mlg_variation_set repro_read_vary(const struct mlg_gate_config *config, struct mlg_diagnostics *list)
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

bool repro_command_has(const struct repro_options *options, const char *placeholder)
{
    bool found = options->shell && strstr(options->shell, placeholder);
    for (size_t i = 0; i < options->run.count; i++)
        found = found || strstr(options->run.items[i], placeholder);
    for (size_t i = 0; i < options->environment.count; i++)
        found =
            found || (options->environment.values[i] && strstr(options->environment.values[i], placeholder));
    return found;
}

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";

/* Words in braces that are nearly a placeholder, which would reach the command as they stand. */
static const char *const placeholders[] = {"output", "run", "seed", "input"};
enum { PLACEHOLDERS = sizeof placeholders / sizeof *placeholders };

/* A value of a variable may have braces of its own. */
static void check_braces(const char *text, bool is_variable, const struct mlg_node *node,
                         struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    for (const char *at = strchr(text, '{'); at; at = strchr(at + 1, '{')) {
        const size_t size = strspn(at + 1, letters);
        const char *word = at[1 + size] == '}' ? mlg_arena_copy(arena, at + 1, size) : NULL;
        const bool is_for_shell = at > text && at[-1] == '$';
        const char *near = word && !is_for_shell && !mlg_text_is_among(word, placeholders, PLACEHOLDERS)
                               ? mlg_nearest(word, placeholders, PLACEHOLDERS)
                               : NULL;
        if (near)
            mlg_node_diagnose(list, is_variable ? MLG_WARNING : MLG_ERROR, node,
                              "'{%s}' is no placeholder%s; did you mean '{%s}'?", word,
                              is_variable ? ", and stands for itself" : "", near);
    }
}

/* "~/", "$HOME" or "${NAME}", which a shell would put something else for: how it begins and, in *size, how
 * long it is; NULL: there is none. */
static const char *find_for_shell(const char *text, size_t *size)
{
    static const char home[] = "$HOME";
    *size = 1;
    if (text[0] == '~' && (text[1] == '/' || !text[1]))
        return text;
    for (const char *at = strchr(text, '$'); at; at = strchr(at + 1, '$')) {
        const size_t length = at[1] == '{' ? strspn(at + 2, letters) : 0;
        *size = length > 0 && at[2 + length] == '}' ? length + 3
                : strncmp(at, home, sizeof home - 1) == 0 && !strspn(at + sizeof home - 1, letters)
                    ? sizeof home - 1
                    : 0;
        bool is_filled = false; /* "${output}" */
        for (size_t i = 0; i < PLACEHOLDERS && length > 0; i++)
            is_filled |= strlen(placeholders[i]) == length && strncmp(at + 2, placeholders[i], length) == 0;
        if (*size > 0 && !is_filled)
            return at;
    }
    return NULL;
}

static void warn_of_inputs(const struct mlg_gate_config *config, struct mlg_diagnostics *list)
{
    const struct mlg_texts *inputs = &((const struct repro_options *)config->options)->inputs;
    for (size_t i = 0; i < inputs->count; i++) {
        size_t size;
        const char *at = find_for_shell(inputs->items[i], &size);
        if (at)
            mlg_node_diagnose(list, MLG_WARNING,
                              inputs->nodes && inputs->nodes[i] ? inputs->nodes[i]
                                                                : option_node(config, "inputs"),
                              "'%.*s' in the input '%s' stands for itself, since no shell reads it; give the "
                              "whole path",
                              (int)size, at, inputs->items[i]);
    }
}

static void check_variables(const struct mlg_gate_config *config, struct mlg_arena *arena,
                            struct mlg_diagnostics *list)
{
    const struct mlg_map *variables = &((const struct repro_options *)config->options)->environment;
    const struct mlg_node *map = option_node(config, "environment");
    for (size_t i = 0; i < variables->count; i++) {
        const char *value = variables->values[i] ? variables->values[i] : "";
        const struct mlg_node *own = map == config->node ? NULL : mlg_node_get(map, variables->keys[i]);
        size_t size;
        const char *at = find_for_shell(value, &size);
        const char *name = variables->keys[i];
        if (!name[0] || strchr(name, '='))
            mlg_node_diagnose(list, MLG_ERROR, own ? own : map,
                              "'%s' is no name of a variable; write NAME: value, without '=' in the name",
                              name);
        check_braces(value, true, own ? own : map, arena, list);
        if (at)
            mlg_node_diagnose(
                list, MLG_WARNING, own ? own : map,
                "'%.*s' in the variable %s stands for itself, since no shell reads it; write the "
                "whole value, or set the variable where mlgate is started and name it in "
                "'inherit'",
                (int)size, at, name);
    }
}

static void check_placeholders(const struct mlg_gate_config *config, struct mlg_arena *arena,
                               struct mlg_diagnostics *list)
{
    const struct mlg_texts *arguments = &((const struct repro_options *)config->options)->run;
    for (size_t i = 0; i < arguments->count; i++)
        check_braces(arguments->items[i], false,
                     arguments->nodes && arguments->nodes[i] ? arguments->nodes[i]
                                                             : option_node(config, "run"),
                     arena, list);
    check_variables(config, arena, list);
}

static void check_seeds(const struct mlg_gate_config *config, struct mlg_diagnostics *list)
{
    const struct repro_options *options = config->options;
    const struct mlg_texts *seeds = &options->seeds;
    const bool has_command = options->run.count > 0 || options->shell;
    if (seeds->count > 0 && has_command && !repro_command_has(options, "{seed}"))
        mlg_node_diagnose(list, MLG_ERROR, option_node(config, "seeds"),
                          "the command names no {seed}, so that 'seeds' would change nothing");
    if (seeds->count == 0 && repro_command_has(options, "{seed}") && !mlg_gate_key_is_lost(config, "seeds"))
        mlg_node_diagnose(list, MLG_ERROR, option_node(config, options->shell ? "shell" : "run"),
                          "the command names {seed}, and there are none; add 'seeds: [1, 2, 3]'");
    for (size_t i = 0; i < seeds->count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(seeds->items[i], seeds->items[j]) == 0)
                mlg_node_diagnose(
                    list, MLG_ERROR,
                    seeds->nodes && seeds->nodes[i] ? seeds->nodes[i] : option_node(config, "seeds"),
                    "the seed '%s' stands twice; 'runs: 2' runs each seed twice", seeds->items[i]);
    if (seeds->count > 0 && options->vary.count > 0 && repro_runs_of_each(config) < 2 &&
        strcmp(options->vary.items[0], "none") != 0)
        mlg_node_diagnose(list, MLG_ERROR, option_node(config, "vary"),
                          "'vary' is for runs of the same seed, and each seed is run once; add 'runs: 2'");
    if ((int64_t)seeds->count * repro_runs_of_each(config) > REPRO_MOST_RUNS)
        mlg_node_diagnose(list, MLG_ERROR, option_node(config, "seeds"),
                          "%zu seeds with %lld runs each are more than %d runs", seeds->count,
                          (long long)repro_runs_of_each(config), (int)REPRO_MOST_RUNS);
}

/* The key and value of one of `sources`; where it is a flag's, what names that. */
static struct mlg_node_entry find_source(const struct mlg_gate_config *config, const char *name)
{
    const struct mlg_node *node = option_node(config, "sources");
    for (size_t i = 0; node != config->node && i < node->count; i++)
        if (node->entries[i].key && mlg_text_equal(node->entries[i].key->text, name))
            return node->entries[i];
    return (struct mlg_node_entry){node, node};
}

static void check_sources(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                          struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const struct repro_options *options = config->options;
    for (size_t i = 0; i < options->sources.count; i++) {
        const char *name = options->sources.keys[i], *file = options->sources.values[i];
        const struct mlg_node_entry entry = find_source(config, name);
        const char *near = mlg_suite_data(suite, name) ? NULL : mlg_suite_nearest_data(suite, name, arena);
        if (mlg_suite_knows_data(suite) && !mlg_suite_data(suite, name))
            mlg_node_diagnose(list, MLG_ERROR, entry.key,
                              "'%s' in 'sources' is not a name under 'data'%s%s%s", name,
                              near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
        if (options->outputs.count > 0 && !is_output(options, file))
            mlg_node_diagnose(list, MLG_ERROR, entry.value, "'%s' in 'sources' is none of the outputs%s",
                              file, instead_of(options, file, arena));
    }
}

static bool leaves(const char *path)
{
    return path[0] == '/' || strcmp(path, "..") == 0 || strncmp(path, "../", 3) == 0 ||
           strstr(path, "/../") || mlg_text_ends_with(path, "/..");
}

/* "output", "./output/a" */
static bool is_output_directory(const char *path)
{
    while (strncmp(path, "./", 2) == 0)
        path += 2 + strspn(path + 2, "/");
    return mlg_path_is_below(path, "output");
}

static void check_command(const struct mlg_gate_config *config, struct mlg_arena *arena,
                          struct mlg_diagnostics *list)
{
    const struct repro_options *options = config->options;
    if (options->run.count == 0 && !options->shell && !mlg_gate_key_is_lost(config, "run"))
        mlg_node_diagnose(
            list, MLG_ERROR, config->node,
            "'run' is missing; it is the command as a list, as in [python, train.py, --out, \"{output}\"]");
    if (options->run.count > 0 && options->shell)
        mlg_node_diagnose(list, MLG_ERROR, option_node(config, "shell"),
                          "'run' and 'shell' are both given; give one");
    const char *where = NULL;
    const char *unquotable = options->shell ? mlg_rerun_unquotable(options->shell, &where) : NULL;
    if (unquotable)
        mlg_node_diagnose(list, MLG_ERROR, option_node(config, "shell"),
                          "%s stands in %s, where no quotes keep its value together; write it to "
                          "a variable first, as in 'value=%s', and use \"$value\" there",
                          unquotable, where, unquotable);
    check_placeholders(config, arena, list);
    if (options->run.count == 1 && strchr(options->run.items[0], ' '))
        mlg_node_diagnose(
            list, MLG_ERROR, option_node(config, "run"),
            "'run' is one argument with spaces in it, '%s'; it is a list of arguments, or write 'shell: %s'",
            options->run.items[0], options->run.items[0]);
    if ((options->run.count > 0 || options->shell) && !repro_command_has(options, "{output}"))
        mlg_node_diagnose(
            list, MLG_ERROR, option_node(config, options->shell ? "shell" : "run"),
            "the command names no {output}: every run writes to a fresh directory of its own, which "
            "{output} stands for; give it as an argument or in a variable of 'environment', or copy what is "
            "written elsewhere, as in 'shell: python3 train.py && cp -r models/. {output}/' with 'inputs'");
}

static void check_paths(const struct mlg_gate_config *config, struct mlg_diagnostics *list)
{
    const struct repro_options *options = config->options;
    for (size_t i = 0; i < options->outputs.count; i++)
        if (!options->outputs.items[i][0])
            mlg_node_diagnose(list, MLG_ERROR, option_node(config, "outputs"),
                              "an output is an empty text; name a file that appears in {output}");
        else if (leaves(options->outputs.items[i]))
            mlg_node_diagnose(list, MLG_ERROR, option_node(config, "outputs"),
                              "the output '%s' is not below {output}", options->outputs.items[i]);
    for (size_t i = 0; i < options->inputs.count; i++)
        if (!options->inputs.items[i][0])
            mlg_node_diagnose(list, MLG_ERROR, option_node(config, "inputs"),
                              "an input is an empty text; name a file or a directory, '.' is all of that of "
                              "mlgate.yaml");
        else if (leaves(options->inputs.items[i]) && options->inputs.items[i][0] != '/')
            mlg_node_diagnose(
                list, MLG_ERROR, option_node(config, "inputs"),
                "the input '%s' lies outside of the directory of mlgate.yaml; let mlgate.yaml lie in a "
                "directory above both, or give its absolute path, with which it is read where it is",
                options->inputs.items[i]);
        else if (!options->workdir && is_output_directory(options->inputs.items[i]))
            mlg_node_diagnose(list, MLG_ERROR, option_node(config, "inputs"),
                              "the input '%s' has the name of the directory that {output} stands for in each "
                              "run; give it another name",
                              options->inputs.items[i]);
}

void repro_check(const struct mlg_gate_config *config, const struct mlg_suite *suite, struct mlg_arena *arena,
                 struct mlg_diagnostics *list)
{
    const struct repro_options *options = config->options;
    check_command(config, arena, list);
    if (repro_runs_of_each(config) == 1 && options->seeds.count < 2)
        mlg_node_diagnose(list, MLG_ERROR, option_node(config, options->seeds.count ? "seeds" : "runs"),
                          options->seeds.count
                              ? "one seed that is run once compares nothing; it takes 2 seeds "
                                "or more, or 'runs: 2'"
                              : "'runs: 1' compares nothing; it takes 2 runs or more");
    check_seeds(config, list);
    check_sources(config, suite, arena, list);
    check_paths(config, list);
    if (config->slices.count > 0)
        mlg_node_diagnose(list, MLG_ERROR, option_node(config, "slices"),
                          "outputs have no slices; leave 'slices' out");
    warn_of_inputs(config, list);
    repro_read_vary(config, list);
    for (size_t i = 0; i < config->checks.count; i++) {
        mlg_check_once(config, i, list);
        check_one(config, suite, &config->checks.items[i], arena, list);
    }
}
