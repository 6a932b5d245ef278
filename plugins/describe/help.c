/* help.c: what --help prints, and the small writers that the other descriptions share. */
#include <math.h>
#include <string.h>

#include "../plugins.h"

enum { LINE = 100, INDENT = 30 };

void mlg_put_filled(struct mlg_builder *out, const char *text, size_t column, size_t indent, size_t width)
{
    bool first = true;
    while (*text) {
        size_t size = strcspn(text, " \n"), columns = 0;
        for (size_t i = 0; i < size; i++)
            columns += (text[i] & 0xc0) != 0x80;
        if (!first && column + 1 + columns > width) {
            mlg_put_format(out, "\n%*s", (int)indent, "");
            column = indent;
            first = true;
        }
        mlg_put(out, first ? "" : " ");
        mlg_put_bytes(out, text, size);
        column += columns + !first;
        first = false;
        text += size;
        while (*text == ' ' || *text == '\n')
            text++;
    }
    mlg_put(out, "\n");
}

void mlg_put_takes(struct mlg_builder *out, const struct mlg_param *row)
{
    mlg_put(out, row->takes ? row->takes : row->kind->takes);
    for (size_t i = 0; row->choices && row->choices[i]; i++)
        mlg_put_format(out, "%s%s", i == 0 ? " " : row->choices[i + 1] ? ", " : " or ", row->choices[i]);
    bool numeric =
        row->kind == &mlg_kind_number || row->kind == &mlg_kind_share || row->kind == &mlg_kind_integer;
    bool range = row->minimum < 0 || row->minimum > 0 || row->maximum < 0 || row->maximum > 0;
    if (!numeric || !range)
        return;
    bool low = isfinite(row->minimum), high = isfinite(row->maximum);
    if (low) {
        mlg_put(out, row->minimum_open ? ", above " : ", at least ");
        mlg_put_number(out, row->minimum);
    }
    if (high) {
        mlg_put(out, low ? " and " : ", ");
        mlg_put(out, row->maximum_open ? "below " : "at most ");
        mlg_put_number(out, row->maximum);
    }
}

static bool has_default(const struct mlg_param *row, const void *defaults)
{
    if (!defaults || row->required)
        return false;
    const char *field = (const char *)defaults + row->offset;
    if (row->kind == &mlg_kind_text)
        return *(const char *const *)(const void *)field != NULL;
    if (row->kind == &mlg_kind_number || row->kind == &mlg_kind_share)
        return !isnan(*(const double *)(const void *)field);
    return row->kind == &mlg_kind_boolean || row->kind == &mlg_kind_integer || row->kind == &mlg_kind_choice;
}

void mlg_put_default(struct mlg_builder *out, const struct mlg_param *row, const void *defaults)
{
    /* Where words say what holds, the value is a mark for "not given". */
    if (row->unset && !row->required)
        mlg_put(out, row->unset);
    else if (has_default(row, defaults))
        mlg_param_print(row, defaults, out);
}

void mlg_put_meaning(struct mlg_builder *out, const struct mlg_param *row, const void *defaults,
                     const char *required)
{
    struct mlg_builder value;
    mlg_builder_init(&value, 4096);
    mlg_put(out, row->help);
    for (size_t i = 0; row->choices && row->choices[i]; i++)
        mlg_put_format(out, "%s%s", i == 0 ? ": " : row->choices[i + 1] ? ", " : " or ", row->choices[i]);
    mlg_put_default(&value, row, defaults);
    if (row->required)
        mlg_put_format(out, " (%s)", required);
    else if (value.size)
        mlg_put_format(out, " (default: %s)", value.data);
    mlg_builder_free(&value);
}

/* `gate`: whose options they are; NULL: the suite's. */
static void put_option(struct mlg_builder *out, const struct mlg_option *option, const struct mlg_gate *gate)
{
    const struct mlg_param *row = option->row;
    size_t start = out->size;
    mlg_put_format(out, "  %s", option->flag);
    if (row->kind == &mlg_kind_boolean)
        mlg_put(out, "[=BOOLEAN]");
    else
        mlg_put_format(out, " %s%s", row->argument ? row->argument : "VALUE",
                       row->kind->repeats ? " ..." : "");
    if (out->failed)
        return;
    size_t column = mlg_text_width(out->data + start);
    if (column + 2 > INDENT) {
        mlg_put(out, "\n");
        column = 0;
    }
    mlg_put_format(out, "%*s", (int)(INDENT - column), "");
    struct mlg_builder text;
    mlg_builder_init(&text, 4096);
    mlg_put_meaning(&text, row, option->defaults,
                    gate && gate->needs_data && row == mlg_data_params
                        ? "required where a check looks at rows"
                        : "required");
    mlg_put_filled(out, text.data, INDENT, INDENT, LINE);
    mlg_builder_free(&text);
}

/* The options under their headings, each heading where its first option stands. */
static void put_options(struct mlg_builder *out, const struct mlg_options *options,
                        const struct mlg_gate *gate)
{
    for (size_t i = 0; i < options->count; i++) {
        const char *group = options->items[i].row->group ? options->items[i].row->group : "options";
        bool told = false;
        for (size_t k = 0; k < i && !told; k++) {
            const char *earlier = options->items[k].row->group ? options->items[k].row->group : "options";
            told = strcmp(earlier, group) == 0;
        }
        if (told)
            continue;
        mlg_put_format(out, "\n%s\n", group);
        for (size_t k = i; k < options->count; k++) {
            const char *other = options->items[k].row->group ? options->items[k].row->group : "options";
            if (strcmp(other, group) == 0)
                put_option(out, &options->items[k], gate);
        }
    }
}

/* " but --report, --no-cache and --platform": what no variable gives. */
static void put_unread(struct mlg_builder *out, const struct mlg_session *session)
{
    const struct mlg_options *options = &session->options;
    size_t count = 0, told = 0;
    for (size_t i = 0; i < options->count; i++)
        count += options->items[i].own && !mlg_is_from_environment(session->command, options->items[i].row);
    for (size_t i = 0; i < options->count; i++)
        if (options->items[i].own && !mlg_is_from_environment(session->command, options->items[i].row)) {
            mlg_put(out, told == 0 ? " but " : told + 1 < count ? ", " : " and ");
            mlg_put(out, options->items[i].flag);
            told++;
        }
}

/* Where else values may stand, and which of them wins. */
static void put_precedence(struct mlg_builder *out, const struct mlg_session *session)
{
    struct mlg_builder text;
    mlg_builder_init(&text, 4096);
    mlg_put(&text, "Every option");
    put_unread(&text, session);
    mlg_put(&text, " ");
    if (session->gate)
        mlg_put(&text, "is also read from the environment, as MLGATE_ and its name in capitals, such as "
                       "MLGATE_MIN_ROWS; of --check the name is MLGATE_CHECKS. A flag beats the environment. "
                       "--report adds to the reports of MLGATE_REPORTS. ");
    else
        mlg_put(&text,
                "is also read from the environment, as MLGATE_ and its name in capitals, such as "
                "MLGATE_MAX_SLICES. Those of the suite are keys at the top level of mlgate.yaml too. A "
                "flag beats the environment, which beats that key; but a key in a gate or in a check "
                "is nearer, and wins over all of them. ");
    if (!session->gate && session->command->run == mlg_command_run)
        mlg_put(&text, "--report adds to 'reports' of mlgate.yaml, which MLGATE_REPORTS replaces; paths in "
                       "mlgate.yaml are seen from its directory. ");
    mlg_put(&text,
            "An empty value is as if it were not given. Options with ... take several values: repeat the "
            "flag, as in --slices sex --slices age; names may also stand in one value, as in --slices "
            "sex,age.");
    mlg_put(out, "\n");
    mlg_put_filled(out, text.data, 0, 0, LINE);
    mlg_builder_free(&text);
}

void mlg_put_help(struct mlg_builder *out, const struct mlg_session *session)
{
    const struct mlg_command *command = session->command;
    const char *space = command->name ? " " : "", *name = command->name ? command->name : "";
    mlg_put_format(out, "%s%s%s: %s\n\n", session->program, space, name,
                   command->about ? command->about : session->gate->about);
    const char *data = !session->gate || session->gate->without_data ? ""
                       : session->gate->needs_data                   ? " [--data PATH]"
                                                                     : " --data PATH";
    mlg_put_format(out, "usage: %s%s%s%s%s%s\n", session->program, space, name, data,
                   command->usage[0] ? " " : "", command->usage);
    put_options(out, &session->options, session->gate);
    if (command->takes_suite)
        put_precedence(out, session);
    if (command->more) {
        mlg_put(out, "\n");
        mlg_put_filled(out, command->more, 0, 0, LINE);
    }
    if (session->gate)
        mlg_put(out, "\n'mlgate list' shows every quantity, 'mlgate explain NAME' one of them.\n");
}

void mlg_put_overview(struct mlg_builder *out)
{
    mlg_put(out, "mlgate: judges whether a model is good enough, from its predictions\n\n"
                 "usage: mlgate COMMAND [--OPTION VALUE ...]\n\n");
    for (const struct mlg_command *command = mlg_commands; command->name; command++)
        mlg_put_format(out, "  %-11s%s\n", command->name, command->about);
    mlg_put(out, "\nEach gate is also an executable of its own, which needs no mlgate.yaml:\n\n");
    for (size_t i = 0; mlg_gates[i]; i++)
        mlg_put_format(out, "  mlgate-%s: %s\n", mlg_gates[i]->name, mlg_gates[i]->about);
    mlg_put(out, "\n'mlgate help COMMAND' or --help behind any command shows its options.\n");
}
