/* pipeline.c: the inputs that actions and components have in common, and the command that prints both. */
#include "pipeline.h"

#include <string.h>

const char *mlg_input_name(const struct mlg_param *row, struct mlg_arena *arena)
{
    if (row == mlg_data_params)
        return "data";
    char *name = mlg_arena_format(arena, "%s", row->name);
    for (char *c = name; c && *c; c++)
        if (*c == '_')
            *c = '-';
    return name;
}

static const char *variable_of(const struct mlg_param *row, struct mlg_arena *arena)
{
    char *name = mlg_arena_format(arena, "MLGATE_%s", row->name);
    for (char *c = name; c && *c; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    return name;
}

static const struct mlg_command *command_of(const struct mlg_gate *gate)
{
    const struct mlg_command *command = gate ? &mlg_gate_command : mlg_commands;
    while (!gate && command->run != mlg_command_run)
        command++;
    return command;
}

static bool add(struct mlg_pipeline_inputs *inputs, const struct mlg_option *option,
                const struct mlg_gate *gate, struct mlg_arena *arena)
{
    struct mlg_pipeline_input *input = &inputs->items[inputs->count++];
    *input = (struct mlg_pipeline_input){.name = mlg_input_name(option->row, arena),
                                         .variable = variable_of(option->row, arena),
                                         .row = option->row,
                                         .defaults = option->defaults,
                                         .required = option->row->required &&
                                                     !(gate && gate->needs_data &&
                                                       option->row == mlg_data_params)};
    return input->name && input->variable;
}

bool mlg_pipeline_inputs(const struct mlg_gate *gate, struct mlg_pipeline_inputs *inputs,
                         struct mlg_arena *arena)
{
    struct mlg_session session = {.gate = gate, .command = command_of(gate)};
    mlg_arena_init(&session.arena, (size_t)1 << 24);
    mlg_session_add_options(&session);
    const struct mlg_param *reports = mlg_params_find(mlg_suite_params, "reports");
    struct mlg_option also = {.row = reports, .defaults = &mlg_suite_defaults};
    *inputs = (struct mlg_pipeline_inputs){
        .items = MLG_NEW_ARRAY(arena, struct mlg_pipeline_input, session.options.count + 1)};
    bool good = inputs->items != NULL && reports != NULL;
    for (size_t i = 0; good && i < session.options.count; i++) {
        const struct mlg_option *option = &session.options.items[i];
        if (!option->own || mlg_is_from_environment(session.command, option->row))
            good = add(inputs, option, gate, arena);
    }
    good = good && add(inputs, &also, gate, arena);
    mlg_arena_free(&session.arena);
    return good;
}

const char *mlg_pipeline_word(const struct mlg_gate *gate)
{
    return gate ? gate->name : "suite";
}

const char *mlg_pipeline_command(const struct mlg_gate *gate, struct mlg_arena *arena)
{
    char *command = gate ? mlg_arena_format(arena, "mlgate-%s", gate->name) : NULL;
    for (char *c = command; c && *c; c++)
        if (*c == '_')
            *c = '-';
    return gate ? command : "mlgate run";
}

void mlg_put_input_help(struct mlg_builder *out, const struct mlg_pipeline_input *input)
{
    size_t start = out->size;
    mlg_put_meaning(out, input->row, input->defaults,
                    input->required ? "required" : "required where a check looks at rows");
    mlg_put(out, input->row->kind->repeats ? "; one a line." : ".");
    if (!out->failed && out->data[start] >= 'a' && out->data[start] <= 'z')
        out->data[start] = (char)(out->data[start] - 'a' + 'A');
}

/* ---- the command ----------------------------------------------------------------------------------- */

static void put_cell(struct mlg_builder *out, const char *text)
{
    mlg_put_markdown(out, text);
    mlg_put(out, " |\n");
}

static void put_inputs_of(struct mlg_builder *out, const struct mlg_gate *gate, struct mlg_arena *arena)
{
    struct mlg_pipeline_inputs inputs;
    if (!mlg_pipeline_inputs(gate, &inputs, arena))
        return;
    mlg_put_format(out, "\n## %s\n\nThe action `%s%s`, the component `%s`; both call `%s`.\n\n",
                   mlg_pipeline_word(gate), gate ? "actions/" : "the root of the repository",
                   gate ? gate->name : "", gate ? gate->name : "mlgate", mlg_pipeline_command(gate, arena));
    mlg_put(out, "| input | what it is |\n|---|---|\n");
    for (size_t i = 0; i < inputs.count; i++) {
        struct mlg_builder text;
        mlg_builder_init(&text, 4096);
        mlg_put_input_help(&text, &inputs.items[i]);
        mlg_put_format(out, "| `%s` | ", inputs.items[i].name);
        put_cell(out, text.data ? text.data : "");
        mlg_builder_free(&text);
    }
}

void mlg_put_pipeline_inputs(struct mlg_builder *out, struct mlg_arena *arena)
{
    mlg_put(out, "# Inputs of the actions and components\n\n"
                 "Generated by `mlgate describe inputs`; do not edit. An input that is empty counts as not given: "
                 "mlgate.yaml or the default\nshown here holds then. What only an action or only a component "
                 "takes stands in its own file.\n");
    put_inputs_of(out, NULL, arena);
    for (size_t i = 0; mlg_gates[i]; i++)
        put_inputs_of(out, mlg_gates[i], arena);
}

/* What `mlgate describe KIND NAME` is asked for; NAME is a gate, a shell, or nothing, as the kind has it. */
struct wish {
    const struct mlg_gate *gate; /* NULL: the suite */
    const char *name;            /* NULL: not given */
    struct mlg_arena *arena;
};

static void put_action(struct mlg_builder *out, const struct wish *wish)
{
    mlg_put_action(out, wish->gate, wish->arena);
}

static void put_setup_action(struct mlg_builder *out, const struct wish *wish)
{
    mlg_put_setup_action(out, wish->arena);
}

static void put_component(struct mlg_builder *out, const struct wish *wish)
{
    mlg_put_component(out, wish->gate, wish->arena);
}

static void put_inputs(struct mlg_builder *out, const struct wish *wish)
{
    mlg_put_pipeline_inputs(out, wish->arena);
}

static const char config_name[] = "mlgate.yaml";

static void put_manual(struct mlg_builder *out, const struct wish *wish)
{
    if (wish->gate)
        mlg_put_gate_manual(out, wish->gate, wish->arena);
    else if (wish->name)
        mlg_put_file_manual(out, wish->arena);
    else
        mlg_put_suite_manual(out);
}

static void put_completion(struct mlg_builder *out, const struct wish *wish)
{
    mlg_put_completion(out, wish->name, wish->arena);
}

static const char *const files[] = {config_name, NULL};
static const struct {
    const char *name;
    bool of_a_gate;            /* NAME may be a gate; without it is the suite's */
    const char *const *others; /* what else NAME may be; NULL: nothing */
    bool needs_name;
    void (*write)(struct mlg_builder *out, const struct wish *wish);
} kinds[] = {{.name = "action", .of_a_gate = true, .write = put_action},
             {.name = "setup-action", .write = put_setup_action},
             {.name = "component", .of_a_gate = true, .write = put_component},
             {.name = "inputs", .write = put_inputs},
             {.name = "manual", .of_a_gate = true, .others = files, .write = put_manual},
             {.name = "completion", .others = mlg_shells, .needs_name = true, .write = put_completion}};
enum { KINDS = sizeof kinds / sizeof *kinds };

const char mlg_description_kinds[] =
    "KIND is action (a GitHub Action: of the suite, or of the gate NAME), setup-action (the one that only "
    "installs), component (a GitLab CI component, likewise), inputs (a table of what both take, as "
    "Markdown), manual (a page for man: of the suite, of a gate, or of mlgate.yaml) or completion (of bash, "
    "zsh or fish). All are made from the tables that the executables read their options from.";

static const struct mlg_gate *find_gate(const char *name)
{
    for (size_t i = 0; mlg_gates[i]; i++)
        if (strcmp(mlg_gates[i]->name, name) == 0)
            return mlg_gates[i];
    return NULL;
}

int mlg_command_describe(struct mlg_session *session)
{
    const char *kind = session->argument_count > 0 ? session->arguments[0] : NULL;
    struct wish wish = {.name = session->argument_count > 1 ? session->arguments[1] : NULL,
                        .arena = &session->arena};
    size_t k = 0;
    if (!kind)
        return mlg_complain(session, "what to describe is not given; write 'mlgate describe KIND', such as "
                                     "action or component");
    while (k < KINDS && strcmp(kinds[k].name, kind) != 0)
        k++;
    if (k == KINDS) {
        const char *names[KINDS];
        for (size_t i = 0; i < KINDS; i++)
            names[i] = kinds[i].name;
        const char *near = mlg_nearest(kind, names, KINDS);
        return mlg_complain(session,
                            near ? "nothing is described as '%s'; did you mean '%s'?"
                                 : "nothing is described as '%s'; 'mlgate help describe' lists the %s",
                            kind, near ? near : "kinds");
    }
    wish.gate = wish.name && kinds[k].of_a_gate ? find_gate(wish.name) : NULL;
    if (wish.name && !wish.gate && !mlg_text_is_listed(wish.name, kinds[k].others)) {
        if (kinds[k].of_a_gate)
            return mlg_complain(session, "no gate is called '%s'; 'mlgate list' shows all", wish.name);
        return mlg_complain(session, kinds[k].others ? "'%s' knows no '%s'; it is bash, zsh or fish"
                                                     : "'%s' is the same for all; leave '%s' out",
                            kind, wish.name);
    }
    if (!wish.name && kinds[k].needs_name)
        return mlg_complain(session, "'%s' needs the name of a shell: bash, zsh or fish", kind);
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    kinds[k].write(&out, &wish);
    return mlg_finish_output(session, &out);
}
