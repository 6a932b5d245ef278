/* commands.c: the table of commands, and the way from the words of a command line to one of them. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "plugins.h"

#define OWN(field, kind_name) MLG_FIELD(struct mlg_command_options, field, kind_name)

#define CONFIG_ROW                                                                                           \
    {                                                                                                        \
        .name = "config", OWN(config, text), .argument = "PATH", .group = "command",                         \
        .help = "the suite's configuration; - is standard input"                                             \
    }
#define REPORT_ROW(besides, otherwise)                                                                       \
    {                                                                                                        \
        .name = "report", OWN(report, map), .argument = "KIND=PATH", .group = "command",                     \
        .help = "a report to write" besides ", once for each KIND, PATH seen from where mlgate is started; " \
                "- is standard output",                                                                      \
        .unset = (otherwise)                                                                                 \
    }
#define PLATFORM_ROW                                                                                         \
    {                                                                                                        \
        .name = "platform", OWN(platform, choice), .choices = mlg_platform_choices, .argument = "PLATFORM",  \
        .group = "command",                                                                                  \
        .help =                                                                                              \
            "where this runs, which brings reports of its own; auto looks at GITHUB_ACTIONS and GITLAB_CI"   \
    }
#define REPORT_OF_RUN_ROW REPORT_ROW(" besides the console's", "the console alone")

static const struct mlg_param run_rows[] = {CONFIG_ROW,
                                            {.name = "only",
                                             OWN(only, texts),
                                             .argument = "GATE",
                                             .group = "command",
                                             .help = "the names of the gates to run",
                                             .unset = "all gates"},
                                            REPORT_OF_RUN_ROW,
                                            {.name = "no_cache",
                                             OWN(no_cache, boolean),
                                             .argument = "BOOLEAN",
                                             .group = "command",
                                             .help = "judge also what the cache in .mlgate has an answer "
                                                     "for, and keep nothing there"},
                                            PLATFORM_ROW,
                                            {0}};
static const struct mlg_param check_rows[] = {
    CONFIG_ROW,
    {.name = "expand",
     OWN(expand, boolean),
     .argument = "BOOLEAN",
     .group = "command",
     .help = "print the whole configuration with every default and where each value comes from"},
    {0}};
static const struct mlg_param report_rows[] = {
    {.name = "from",
     OWN(from, text),
     .argument = "PATH",
     .group = "command",
     .help = "the results.json of a finished run"},
    REPORT_ROW("", "the console, if no report is asked for"),
    {.name = "changes",
     OWN(changes, text),
     .argument = "PATH",
     .group = "command",
     .help = "a file of Markdown that tells what changed since the base; the "
             "markdown report shows it below the verdict",
     .unset = "nothing is told of changes"},
    {0}};
static const struct mlg_param init_rows[] = {{.name = "config",
                                              OWN(config, text),
                                              .argument = "PATH",
                                              .group = "command",
                                              .help = "where to write it, if nothing is there; - is standard "
                                                      "output"},
                                             {.name = "hook",
                                              OWN(hook, boolean),
                                              .argument = "BOOLEAN",
                                              .group = "command",
                                              .help =
                                                  "write a git hook that runs 'mlgate run' on it instead, "
                                                  "if no such hook is there"},
                                             {.name = "type",
                                              OWN(type, text),
                                              .argument = "TYPE",
                                              .group = "command",
                                              .help = "when git starts the hook: pre-push, pre-commit or "
                                                      "pre-merge-commit"},
                                             {0}};
static const struct mlg_param list_rows[] = {{.name = "markdown",
                                              OWN(markdown, boolean),
                                              .argument = "BOOLEAN",
                                              .group = "command",
                                              .help = "write a Markdown document with definitions"},
                                             {0}};
#define COLUMN_ROW(word, field_kind, text)                                                                   \
    {                                                                                                        \
        .name = #word, OWN(word, field_kind), .argument = "COLUMN", .group = "tables", .help = (text)        \
    }
static const struct mlg_param diff_rows[] = {
    {.name = "tolerance",
     OWN(tolerance, number),
     .minimum = 0,
     .maximum = (double)INFINITY,
     .maximum_open = true,
     .argument = "NUMBER",
     .group = "command",
     .help = "numbers a and b are the same while |a - b| is at most this, plus --relative times |b|"},
    {.name = "relative",
     OWN(relative, number),
     .minimum = 0,
     .maximum = (double)INFINITY,
     .maximum_open = true,
     .argument = "NUMBER",
     .group = "command",
     .help = "the tolerance as a multiple of |b|"},
    {.name = "ignore",
     OWN(ignore, texts),
     .argument = "PATH",
     .group = "command",
     .help = "what to leave out: /a/*/b in every JSON document, or the name of a part, where * is any text",
     .unset = "nothing but time stamps and identifiers that are known"},
    {.name = "json",
     OWN(json, boolean),
     .argument = "BOOLEAN",
     .group = "command",
     .help = "write the whole comparison as JSON"},
    COLUMN_ROW(id, text, "rows belong together where this column says the same; without it by position"),
    COLUMN_ROW(prediction, text, "count the rows whose prediction, in this column, changed"),
    COLUMN_ROW(label, text, "tell predictions that became wrong from those that became right"),
    COLUMN_ROW(score, texts, "tell how far these scores moved"),
    {0}};
static const struct mlg_param repro_rows[] = {
    {.name = "verify",
     OWN(verify, text),
     .argument = "PATH",
     .group = "command",
     .help =
         "a manifest that the gate repro has written; its first run, or that of each seed, is made again, "
         "and what it writes is compared",
     .unset = "it has to be given"},
    {.name = "directory",
     OWN(directory, text),
     .argument = "PATH",
     .group = "command",
     .help = "where the inputs lie and the command runs: that of the mlgate.yaml which the manifest is from"},
    {.name = "keep",
     OWN(keep, text),
     .argument = "PATH",
     .group = "command",
     .help = "a directory to which what the run writes is copied (of several seeds to seed-SEED in it), for "
             "'mlgate diff'; nothing there is overwritten",
     .unset = "it is removed"},
    {0}};
static const struct mlg_param two_files_rows[] = {
    {.name = "markdown",
     OWN(markdown, boolean),
     .argument = "BOOLEAN",
     .group = "command",
     .help = "write Markdown for a comment or a summary, the first 50 rows of each table"},
    {.name = "json",
     OWN(json, boolean),
     .argument = "BOOLEAN",
     .group = "command",
     .help = "write everything as JSON"},
    {0}};
static const struct mlg_param gate_rows[] = {REPORT_OF_RUN_ROW, PLATFORM_ROW, {0}};

static const struct mlg_command_options own_defaults = {
    .config = "mlgate.yaml", .from = "results.json", .directory = ".", .type = "pre-push"};

static const char exit_codes[] = "Exit code: 0 nothing blocks, 1 a check failed, 2 the data cannot decide a "
                                 "check, 3 an error or wrong usage.";

enum { MOST_ARGUMENTS = 64 };

const struct mlg_command mlg_commands[] = {
    {.name = "run",
     .usage = "[--config PATH] [--only GATE,...] [--report KIND=PATH ...]",
     .about = "judge all gates of mlgate.yaml",
     .more = exit_codes,
     .rows = run_rows,
     .takes_suite = true,
     .run = mlg_command_run},
    {.name = "check",
     .usage = "[--config PATH] [--expand]",
     .about = "judge mlgate.yaml itself, without data",
     .rows = check_rows,
     .takes_suite = true,
     .run = mlg_command_check},
    {.name = "report",
     .usage = "[--from PATH] KIND=PATH ...",
     .about = "write reports from the results of a finished run",
     .more =
         "Without any, the console's is printed. The exit code says whether they were written; the verdict "
         "stands in them.",
     .rows = report_rows,
     .argument_limit = MOST_ARGUMENTS,
     .run = mlg_command_report},
    {.name = "diff",
     .usage = "A B [--tolerance NUMBER] [--relative NUMBER] [--ignore PATH ...] [--json]",
     .about = "compare two artefacts by meaning: weights, archives, JSON, tables",
     .more =
         "Archives are compared member by member, arrays, safetensors and files of PyTorch by name, shape "
         "and "
         "value, JSON by key, tables by column, text by line, all else by its bytes; nothing is unpickled. "
         "Differences are relative to B. Exit code: 0 the same by meaning, 1 different, 3 an error or wrong "
         "usage.",
     .rows = diff_rows,
     .argument_limit = 2,
     .run = mlg_command_diff},
    {.name = "compare",
     .usage = "OLD.json NEW.json [--markdown | --json]",
     .about = "tell what changed between two finished runs",
     .more =
         "Checks are matched by their id, and where only the limit is another one, by the rest of it. Worse "
         "is a check that passed and does not any more, whatever the new verdict is, and a check that was "
         "enforced and is gone or not enforced any more; a new check that fails is not. A value is beyond "
         "its interval where both intervals do not overlap. Exit code: 0 nothing got worse, 1 something "
         "did, 3 a file that cannot be read or wrong usage.",
     .rows = two_files_rows,
     .argument_limit = 2,
     .run = mlg_command_compare},
    {.name = "loosened",
     .usage = "OLD.yaml NEW.yaml [--markdown | --json]",
     .about = "tell what a configuration asks less than another one",
     .more =
         "Limits, checks, slices, attributes, confidence and policies that are weaker or gone, each with its "
         "place in both files. A 'because' that was not there before explains one: of the check or of its "
         "gate, at the top level or in the data source where the value stands there; what is gone must be "
         "named in that of its gate, a gate in that at the top level. A waiver and what is excluded have "
         "reasons of their own. Environment and flags are left out. Exit code: 0 nothing is weaker without "
         "a 'because', 1 something is, 3 a file with a mistake or wrong usage.",
     .rows = two_files_rows,
     .argument_limit = 2,
     .run = mlg_command_loosened},
    {.name = "repro",
     .usage = "--verify PATH [--directory PATH] [--keep PATH]",
     .about = "make a run of a manifest, or one of each seed, again and compare what it writes",
     .more =
         "Inputs are compared first: where one has another content nothing is run. Outputs are the same "
         "where their bytes are, or what the archives, packed files and directories among them hold. Exit "
         "code: 0 all are the same, 1 one is different, 3 an error or wrong usage. What the gate itself "
         "takes is "
         "told by 'mlgate explain repro' and 'mlgate-repro --help'.",
     .rows = repro_rows,
     .run = mlg_command_repro},
    {.name = "list",
     .usage = "[--markdown]",
     .about = "list all quantities, gates and reports",
     .rows = list_rows,
     .run = mlg_command_list},
    {.name = "explain",
     .usage = "NAME",
     .about = "explain a quantity, gate, method, option, report or verdict",
     .argument_limit = 1,
     .run = mlg_command_explain},
    {.name = "schema",
     .usage = "",
     .about = "print the JSON Schema of mlgate.yaml",
     .run = mlg_command_schema},
    {.name = "reference",
     .usage = "",
     .about = "print the reference of mlgate.yaml as Markdown",
     .run = mlg_command_reference},
    {.name = "describe",
     .usage = "KIND [NAME]",
     .about = "print how the suite or a gate is packaged: actions, components, manuals, completions",
     .more = mlg_description_kinds,
     .argument_limit = 2,
     .run = mlg_command_describe},
    {.name = "init",
     .usage = "[--config PATH] [--hook] [--type TYPE]",
     .about = "write a commented mlgate.yaml to start from, or a git hook that judges it",
     .rows = init_rows,
     .run = mlg_command_init},
    {.name = "selftest",
     .usage = "[GATE ...]",
     .about = "have every gate judge controls whose verdict is known",
     .more = "What has a flaw must be blocked and what has none must not; else the exit code is 3.",
     .argument_limit = MOST_ARGUMENTS,
     .run = mlg_command_selftest},
    {.name = "version", .usage = "", .about = "print the version", .run = mlg_command_version},
    {.name = "help",
     .usage = "[COMMAND]",
     .about = "show this, or the help of a command",
     .argument_limit = 1,
     .run = mlg_command_help},
    {0}};

const struct mlg_command mlg_gate_command = {
    .usage = "[--OPTION VALUE ...] --check CHECK ... [--report KIND=PATH ...]",
    .more = exit_codes,
    .rows = gate_rows,
    .takes_suite = true,
    .run = mlg_command_run};

/* ---- output -------------------------------------------------------------------------------------- */

int mlg_complain_of(struct mlg_session *session, const struct mlg_error *error)
{
    const struct mlg_place *place = &error->place;
    return place->file && !place->line
               ? mlg_complain(session, "%s: %s", place->file, error->text)
               : mlg_complain(session, "%s", mlg_error_sentence(error, &session->arena));
}

int mlg_complain(const struct mlg_session *session, const char *format, ...)
{
    char text[MLG_ERROR_SIZE * 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    mlg_put_format(&out, "%s: ", session->program);
    mlg_put_plain(&out, text);
    mlg_put(&out, "\n");
    /* Where even this cannot be said, the exit code says it. */
    session->world->print(session->world->self, 2, out.data, out.size);
    mlg_builder_free(&out);
    return MLG_EXIT_ERROR;
}

int mlg_finish_output(const struct mlg_session *session, struct mlg_builder *out)
{
    struct mlg_error error;
    int code = MLG_EXIT_PASS;
    if (out->failed)
        code = mlg_complain(session, "no memory for the output");
    else if (session->world->write(session->world->self, "-", out->data, out->size, &error) != MLG_OK)
        code = mlg_complain(session, "%s", error.text);
    mlg_builder_free(out);
    return code;
}

/* ---- from words to a command ----------------------------------------------------------------------- */

void mlg_session_add_options(struct mlg_session *session)
{
    static const char *const not_of_a_gate[] = {"gate", "data", NULL};
    static const char *const not_without_data[] = {"gate", "data", "slices", "on", "min_rows", NULL};
    static const char *const written_by_the_command[] = {"reports", NULL};
    struct mlg_options *options = &session->options;
    options->arena = &session->arena;
    if (session->gate) {
        if (!session->gate->without_data)
            mlg_options_add(options, mlg_data_params, &mlg_data_defaults, false, NULL);
        mlg_options_add(options, mlg_gate_params, &mlg_gate_config_defaults, false,
                        session->gate->without_data ? not_without_data : not_of_a_gate);
        mlg_options_add(options, session->gate->params, session->gate->defaults, false, NULL);
    }
    mlg_options_add(options, session->command->rows, &own_defaults, true, NULL);
    if (session->command->takes_suite)
        mlg_options_add(options, mlg_suite_params, &mlg_suite_defaults, false, written_by_the_command);
}

bool mlg_is_from_environment(const struct mlg_command *command, const struct mlg_param *row)
{
    /* These have variables of their own: MLGATE_REPORTS, a row of the suite, MLGATE_CACHE, and those that the
     * platform sets. */
    static const char *const others[] = {"report", "no_cache", "platform", NULL};
    return command->takes_suite && !mlg_text_is_listed(row->name, others);
}

/* The command's own options, from flags, else from the environment. */
static bool read_own(struct mlg_session *session)
{
    bool good = true;
    session->own = own_defaults;
    for (size_t i = 0; i < session->options.count; i++) {
        const struct mlg_option *option = &session->options.items[i];
        const struct mlg_node *node = option->own ? mlg_option_node(option, &session->arena) : NULL;
        if (option->own && !node && mlg_is_from_environment(session->command, option->row))
            node = mlg_environment_node(session->world, option->row->name, &session->arena);
        if (node)
            good &=
                mlg_param_set(option->row, 0, &session->own, NULL, node, &session->arena, &session->mistakes);
    }
    return good;
}

static bool asks_for(const char *const *words, size_t count, const char *flag, const char *letter)
{
    for (size_t i = 0; i < count && strcmp(words[i], "--") != 0; i++)
        if (strcmp(words[i], flag) == 0 || (letter && strcmp(words[i], letter) == 0))
            return true;
    return false;
}

static const struct mlg_command *find_command(const char *name)
{
    for (const struct mlg_command *command = mlg_commands; command->name; command++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

static int unknown_command(const struct mlg_session *session, const char *word)
{
    const char *names[32];
    size_t count = 0;
    for (const struct mlg_command *command = mlg_commands; command->name && count < 32; command++)
        names[count++] = command->name;
    const char *near = mlg_nearest(word, names, count);
    if (word[0] == '-')
        return mlg_complain(session, "unexpected flag '%s'; a command comes first, as in mlgate run", word);
    if (near)
        return mlg_complain(session, "unknown command '%s'; did you mean '%s'?", word, near);
    return mlg_complain(session, "unknown command '%s'; 'mlgate help' lists all", word);
}

int mlg_command_help(struct mlg_session *session)
{
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    if (session->argument_count == 0) {
        mlg_put_overview(&out);
        return mlg_finish_output(session, &out);
    }
    const struct mlg_command *command = find_command(session->arguments[0]);
    if (!command)
        return unknown_command(session, session->arguments[0]);
    session->command = command;
    session->options = (struct mlg_options){0};
    mlg_session_add_options(session);
    mlg_put_help(&out, session);
    return mlg_finish_output(session, &out);
}

int mlg_command_version(struct mlg_session *session)
{
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    mlg_put_format(&out, "%s %s\n", session->program, MLG_VERSION);
    return mlg_finish_output(session, &out);
}

static int tell_flag_mistakes(struct mlg_session *session)
{
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    mlg_put_diagnostics(&out, session->program, &session->mistakes);
    session->world->print(session->world->self, 2, out.data, out.size);
    mlg_builder_free(&out);
    return MLG_EXIT_ERROR;
}

/* The command as a shell reads it, but for the options that say where reports go and how many threads work.
 */
static const char *write_command(struct mlg_session *session, const char *const *words, size_t count)
{
    static const char *const skipped[] = {"--report", "--threads", "--platform"};
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    mlg_put(&out, session->program);
    if (!session->gate)
        mlg_put_format(&out, " %s", session->command->name);
    for (size_t i = 0; i < count; i++) {
        size_t values = 0;
        for (size_t k = 0; k < sizeof skipped / sizeof *skipped; k++) {
            const size_t size = strlen(skipped[k]);
            if (strncmp(words[i], skipped[k], size) == 0 && (words[i][size] == '\0' || words[i][size] == '='))
                values = words[i][size] ? 1 : 2;
        }
        if (values) {
            i += values - 1;
            continue;
        }
        mlg_put(&out, " ");
        mlg_put_shell(&out, words[i]);
    }
    const char *text = out.failed ? NULL : mlg_arena_copy(&session->arena, out.data, out.size);
    mlg_builder_free(&out);
    return text;
}

static int run_command(struct mlg_session *session, const char *const *words, size_t count)
{
    mlg_session_add_options(session);
    if (asks_for(words, count, "--help", "-h")) {
        struct mlg_builder out;
        mlg_builder_init(&out, 0);
        mlg_put_help(&out, session);
        return mlg_finish_output(session, &out);
    }
    if (asks_for(words, count, "--version", NULL))
        return mlg_command_version(session);
    session->line = write_command(session, words, count);
    session->arguments = MLG_NEW_ARRAY(&session->arena, const char *, MOST_ARGUMENTS);
    if (!session->arguments)
        return mlg_complain(session, "no memory for the command line");
    bool good =
        mlg_options_parse(&session->options, words, count, session->arguments,
                          session->command->argument_limit, &session->argument_count, &session->mistakes);
    good &= read_own(session);
    /* A run writes its reports even then: a pipeline reads the mistakes there. */
    if (!good && session->command->run != mlg_command_run)
        return tell_flag_mistakes(session);
    return session->command->run(session);
}

/* What one run may take at most; a machine with less refuses by itself. */
static const size_t memory_limit = (size_t)64 << 30;

const char *mlg_program_of(const struct mlg_gate *gate, struct mlg_arena *arena)
{
    char *program = mlg_arena_format(arena, "mlgate-%s", gate->name);
    for (char *c = program; c && *c; c++)
        if (*c == '_')
            *c = '-';
    return program;
}

int mlg_plugin_main(const struct mlg_world *world, const struct mlg_gate *gate, const char *const *words,
                    size_t count)
{
    struct mlg_session session = {.world = world, .gate = gate, .program = "mlgate"};
    int code;
    mlg_arena_init(&session.arena, memory_limit);
    mlg_diagnostics_init(&session.mistakes, &session.arena);
    if (gate) {
        const char *program = mlg_program_of(gate, &session.arena);
        session.program = program ? program : session.program;
        session.command = &mlg_gate_command;
        code = run_command(&session, words, count);
    } else if (count == 0 || strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0) {
        code = mlg_command_help(&session);
        if (count == 0) /* nothing was judged: a pipeline must not take this for a pass */
            code = mlg_complain(&session, "no command is given; 'mlgate run' judges mlgate.yaml");
    } else if (strcmp(words[0], "--version") == 0) {
        code = mlg_command_version(&session);
    } else {
        session.command = find_command(words[0]);
        code = session.command ? run_command(&session, words + 1, count - 1)
                               : unknown_command(&session, words[0]);
    }
    mlg_arena_free(&session.arena);
    return code;
}
