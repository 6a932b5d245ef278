/* completion.c: what bash, zsh and fish offer behind the executables. */
#include <string.h>

#include "mlgate/gate.h"
#include "mlgate/metric.h"
#include "mlgate/overfit.h"
#include "mlgate/repro.h"
#include "pipeline.h"

/* An executable's command line: that of a gate, or of a command of the suite. */
struct line {
    const char *program; /* "mlgate-accuracy", "mlgate" */
    const struct mlg_gate *gate;
    const struct mlg_command *command; /* never NULL */
    struct mlg_session session;
};

static bool open_line(struct line *line, const struct mlg_gate *gate, const struct mlg_command *command,
                      struct mlg_arena *arena)
{
    *line = (struct line){.program = gate ? mlg_pipeline_command(gate, arena) : "mlgate",
                          .gate = gate,
                          .command = command,
                          .session = {.gate = gate, .command = command}};
    mlg_arena_init(&line->session.arena, (size_t)1 << 24);
    mlg_session_add_options(&line->session);
    return line->program != NULL;
}

static void close_line(struct line *line)
{
    mlg_arena_free(&line->session.arena);
}

static bool takes_path(const struct mlg_param *row)
{
    return row->argument && strcmp(row->argument, "PATH") == 0;
}

/* What a check of the gate may begin with. */
static void put_quantities(struct mlg_builder *out, const struct mlg_gate *gate)
{
    const struct mlg_metric *const *metrics = gate->quantities;
    if (strcmp(gate->name, "overfit") == 0)
        metrics = mlg_overfits;
    for (size_t i = 0; metrics && metrics[i]; i++)
        mlg_put_format(out, " %s", metrics[i]->name);
    for (size_t i = 0; strcmp(gate->name, "repro") == 0 && mlg_repros[i]; i++)
        mlg_put_format(out, " %s", mlg_repros[i]->name);
}

/* The words that an option's value may be, with a blank in front of each: choices, kinds of reports, names of
 * quantities. Nothing: another kind of value. */
static void put_words(struct mlg_builder *out, const struct line *line, const struct mlg_option *option)
{
    const struct mlg_param *row = option->row;
    for (size_t i = 0; row->choices && row->choices[i]; i++)
        mlg_put_format(out, " %s", row->choices[i]);
    if (row->kind == &mlg_kind_boolean)
        mlg_put(out, " true false");
    if (strcmp(option->flag, "--report") == 0)
        for (size_t i = 0; mlg_reports[i]; i++)
            mlg_put_format(out, " %s=", mlg_reports[i]->name);
    if (strcmp(option->flag, "--type") == 0)
        for (size_t i = 0; mlg_hook_types[i]; i++)
            mlg_put_format(out, " %s", mlg_hook_types[i]);
    if (strcmp(option->flag, "--check") == 0 && line->gate)
        put_quantities(out, line->gate);
}

/* The arguments of a command that are words: gates, commands, quantities. */
static void put_arguments(struct mlg_builder *out, const struct mlg_command *command)
{
    if (command->run == mlg_command_help)
        for (const struct mlg_command *other = mlg_commands; other->name; other++)
            mlg_put_format(out, " %s", other->name);
    if (command->run == mlg_command_selftest || command->run == mlg_command_explain)
        for (size_t g = 0; mlg_gates[g]; g++)
            mlg_put_format(out, " %s", mlg_gates[g]->name);
    for (size_t g = 0; command->run == mlg_command_explain && mlg_gates[g]; g++)
        put_quantities(out, mlg_gates[g]);
}

/* ---- bash ------------------------------------------------------------------------------------------ */

static void put_function_name(struct mlg_builder *out, const struct line *line)
{
    mlg_put(out, "_");
    for (const char *c = line->program; *c; c++)
        mlg_put_bytes(out, *c == '-' ? "_" : c, 1);
    if (!line->gate)
        mlg_put_format(out, "_%s", line->command->name);
}

static void put_bash_line(struct mlg_builder *out, const struct line *line)
{
    const struct mlg_options *options = &line->session.options;
    put_function_name(out, line);
    mlg_put(out, "() {\n    case $before in\n");
    for (size_t i = 0; i < options->count; i++) {
        const struct mlg_option *option = &options->items[i];
        struct mlg_builder words;
        mlg_builder_init(&words, 0);
        put_words(&words, line, option);
        if (words.size)
            mlg_put_format(out, "    %s) _mlgate_words \"%s\" ;;\n", option->flag, words.data + 1);
        else if (takes_path(option->row))
            mlg_put_format(out, "    %s) COMPREPLY=() ;;\n", option->flag);
        else
            mlg_put_format(out, "    %s) COMPREPLY=(); compopt +o default ;;\n", option->flag);
        mlg_builder_free(&words);
    }
    mlg_put(out, "    *) _mlgate_words \"");
    for (size_t i = 0; i < options->count; i++)
        mlg_put_format(out, "%s ", options->items[i].flag);
    mlg_put(out, "--help");
    if (!line->gate)
        put_arguments(out, line->command);
    mlg_put(out, "\" ;;\n    esac\n}\n");
}

static void put_bash(struct mlg_builder *out, struct mlg_arena *arena)
{
    mlg_put(
        out,
        "# Generated by `mlgate describe completion bash`; do not edit.\n"
        "_mlgate_words() {\n    local IFS=' '\n    mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$word\")\n"
        "    case ${COMPREPLY[*]} in *=) compopt -o nospace ;; esac\n}\n");
    struct line line;
    for (const struct mlg_command *command = mlg_commands; command->name; command++) {
        if (open_line(&line, NULL, command, arena))
            put_bash_line(out, &line);
        close_line(&line);
    }
    for (size_t g = 0; mlg_gates[g]; g++) {
        if (open_line(&line, mlg_gates[g], &mlg_gate_command, arena))
            put_bash_line(out, &line);
        close_line(&line);
    }
    mlg_put(out,
            "_mlgate() {\n    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
            "    if [ \"$COMP_CWORD\" = 1 ]; then\n        case ${COMP_WORDS[0]##*/} in\n"
            "        mlgate) _mlgate_words \"");
    for (const struct mlg_command *command = mlg_commands; command->name; command++)
        mlg_put_format(out, "%s ", command->name);
    mlg_put(out, "--help --version\"; return ;;\n        esac\n    fi\n    case ${COMP_WORDS[0]##*/} in\n"
                 "    mlgate) if declare -F \"_mlgate_${COMP_WORDS[1]}\" >/dev/null; then "
                 "\"_mlgate_${COMP_WORDS[1]}\"; fi ;;\n");
    for (size_t g = 0; mlg_gates[g]; g++) {
        const char *program = mlg_pipeline_command(mlg_gates[g], arena);
        line = (struct line){
            .program = program ? program : "", .gate = mlg_gates[g], .command = &mlg_gate_command};
        mlg_put_format(out, "    %s) ", line.program);
        put_function_name(out, &line);
        mlg_put(out, " ;;\n");
    }
    mlg_put(out, "    esac\n}\ncomplete -o default -F _mlgate mlgate");
    for (size_t g = 0; mlg_gates[g]; g++)
        mlg_put_format(out, " %s", mlg_pipeline_command(mlg_gates[g], arena));
    mlg_put(out, "\n");
}

/* ---- zsh ------------------------------------------------------------------------------------------- */

/* Help between the brackets of _arguments, within single quotes. */
static void put_zsh_text(struct mlg_builder *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            mlg_put(out, "'\\''");
        else if (strchr("[]:\\", *text))
            mlg_put_format(out, "\\%c", *text);
        else
            mlg_put_bytes(out, text, 1);
    }
}

static void put_zsh_line(struct mlg_builder *out, const struct line *line, const char *indent)
{
    const struct mlg_options *options = &line->session.options;
    mlg_put_format(out, "%s_arguments -S \\\n", indent);
    for (size_t i = 0; i < options->count; i++) {
        const struct mlg_option *option = &options->items[i];
        struct mlg_builder words;
        mlg_builder_init(&words, 0);
        put_words(&words, line, option);
        mlg_put_format(out, "%s    '%s%s%s[", indent, option->row->kind->repeats ? "*" : "", option->flag,
                       option->row->kind == &mlg_kind_boolean ? "=-" : "");
        put_zsh_text(out, option->row->help);
        mlg_put_format(out, "]:%s%s:", option->row->kind == &mlg_kind_boolean ? ":" : "",
                       option->row->argument ? option->row->argument : "VALUE");
        if (words.size)
            mlg_put_format(out, "(%s)", words.data + 1);
        else
            mlg_put(out, takes_path(option->row) ? "_files" : " ");
        mlg_put(out, "' \\\n");
        mlg_builder_free(&words);
    }
    struct mlg_builder words;
    mlg_builder_init(&words, 0);
    if (!line->gate)
        put_arguments(&words, line->command);
    mlg_put_format(out, "%s    '--help[show the options]'", indent);
    if (words.size)
        mlg_put_format(out, " '*:NAME:(%s)'", words.data + 1);
    else if (line->command->argument_limit)
        mlg_put(out, " '*:PATH:_files'");
    mlg_put(out, "\n");
    mlg_builder_free(&words);
}

static void put_zsh(struct mlg_builder *out, struct mlg_arena *arena)
{
    struct line line;
    mlg_put(out, "#compdef mlgate");
    for (size_t g = 0; mlg_gates[g]; g++)
        mlg_put_format(out, " %s", mlg_pipeline_command(mlg_gates[g], arena));
    mlg_put(out, "\n# Generated by `mlgate describe completion zsh`; do not edit.\n_mlgate_commands() {\n"
                 "    local -a commands=(\n");
    for (const struct mlg_command *command = mlg_commands; command->name; command++) {
        mlg_put_format(out, "        '%s:", command->name);
        put_zsh_text(out, command->about);
        mlg_put(out, "'\n");
    }
    mlg_put(out,
            "    )\n    _describe command commands\n}\n"
            "case ${service:t} in\nmlgate)\n    if (( CURRENT == 2 )); then _mlgate_commands; return; fi\n"
            "    local command=$words[2]\n    shift words\n    (( CURRENT-- ))\n    case $command in\n");
    for (const struct mlg_command *command = mlg_commands; command->name; command++) {
        mlg_put_format(out, "    %s)\n", command->name);
        if (open_line(&line, NULL, command, arena))
            put_zsh_line(out, &line, "        ");
        mlg_put(out, "        ;;\n");
        close_line(&line);
    }
    mlg_put(out, "    esac\n    ;;\n");
    for (size_t g = 0; mlg_gates[g]; g++) {
        if (open_line(&line, mlg_gates[g], &mlg_gate_command, arena)) {
            mlg_put_format(out, "%s)\n", line.program);
            put_zsh_line(out, &line, "    ");
            mlg_put(out, "    ;;\n");
        }
        close_line(&line);
    }
    mlg_put(out, "esac\n");
}

/* ---- fish ------------------------------------------------------------------------------------------ */

static void put_fish_text(struct mlg_builder *out, const char *text)
{
    mlg_put(out, "'");
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\')
            mlg_put(out, "\\");
        mlg_put_bytes(out, text, 1);
    }
    mlg_put(out, "'");
}

static void put_fish_line(struct mlg_builder *out, const struct line *line)
{
    const struct mlg_options *options = &line->session.options;
    for (size_t i = 0; i < options->count; i++) {
        const struct mlg_option *option = &options->items[i];
        struct mlg_builder words;
        mlg_builder_init(&words, 0);
        put_words(&words, line, option);
        mlg_put_format(out, "complete -c %s", line->program);
        if (!line->gate)
            mlg_put_format(out, " -n '__fish_seen_subcommand_from %s'", line->command->name);
        mlg_put_format(out, " -l %s", option->flag + 2);
        if (option->row->kind == &mlg_kind_boolean)
            mlg_put(out, "");
        else if (takes_path(option->row))
            mlg_put(out, " -r -F");
        else
            mlg_put(out, " -x");
        if (words.size && option->row->kind != &mlg_kind_boolean)
            mlg_put_format(out, " -a '%s'", words.data + 1);
        mlg_put(out, " -d ");
        put_fish_text(out, option->row->help);
        mlg_put(out, "\n");
        mlg_builder_free(&words);
    }
    struct mlg_builder words;
    mlg_builder_init(&words, 0);
    if (!line->gate)
        put_arguments(&words, line->command);
    if (words.size)
        mlg_put_format(out, "complete -c mlgate -n '__fish_seen_subcommand_from %s' -f -a '%s'\n",
                       line->command->name, words.data + 1);
    mlg_builder_free(&words);
}

static void put_fish(struct mlg_builder *out, struct mlg_arena *arena)
{
    struct line line;
    mlg_put(out, "# Generated by `mlgate describe completion fish`; do not edit.\n");
    for (const struct mlg_command *command = mlg_commands; command->name; command++) {
        mlg_put_format(out, "complete -c mlgate -n __fish_use_subcommand -f -a %s -d ", command->name);
        put_fish_text(out, command->about);
        mlg_put(out, "\n");
        if (open_line(&line, NULL, command, arena))
            put_fish_line(out, &line);
        close_line(&line);
    }
    for (size_t g = 0; mlg_gates[g]; g++) {
        if (open_line(&line, mlg_gates[g], &mlg_gate_command, arena))
            put_fish_line(out, &line);
        close_line(&line);
    }
}

const char *const mlg_shells[] = {"bash", "zsh", "fish", NULL};

void mlg_put_completion(struct mlg_builder *out, const char *shell, struct mlg_arena *arena)
{
    void (*const write[])(struct mlg_builder *, struct mlg_arena *) = {put_bash, put_zsh, put_fish};
    for (size_t i = 0; mlg_shells[i]; i++)
        if (strcmp(mlg_shells[i], shell) == 0)
            write[i](out, arena);
}
