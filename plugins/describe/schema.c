/* schema.c: the JSON Schema (2020-12) of mlgate.yaml, made from the rows that read it. */
#include <math.h>
#include <string.h>

#include "../plugins.h"

struct writer {
    struct mlg_builder *out;
    int depth;
    bool first; /* no member yet in the object that is open */
};

static void line(struct writer *writer)
{
    mlg_put_format(writer->out, "%s\n%*s", writer->first ? "" : ",", writer->depth * 2, "");
    writer->first = false;
}

static void key(struct writer *writer, const char *name)
{
    line(writer);
    mlg_put_json(writer->out, name);
    mlg_put(writer->out, ": ");
}

static void text(struct writer *writer, const char *name, const char *value)
{
    key(writer, name);
    mlg_put_json(writer->out, value);
}

static void open_object(struct writer *writer, const char *name)
{
    if (name)
        key(writer, name);
    else
        line(writer);
    mlg_put(writer->out, "{");
    writer->depth++;
    writer->first = true;
}

static void close_with(struct writer *writer, const char *mark)
{
    writer->depth--;
    mlg_put_format(writer->out, "\n%*s%s", writer->depth * 2, "", mark);
    writer->first = false;
}

/* Only where YAML's print of the value is JSON too, or is made so. */
static void put_default(struct writer *writer, const struct mlg_param *row, const void *defaults)
{
    if (!defaults || row->required || row->unset)
        return;
    const void *field = (const char *)defaults + row->offset;
    if (row->kind == &mlg_kind_text && *(const char *const *)field) {
        text(writer, "default", *(const char *const *)field);
    } else if (row->kind == &mlg_kind_choice) {
        text(writer, "default", row->choices[*(const int *)field]);
    } else if (row->kind == &mlg_kind_boolean || row->kind == &mlg_kind_integer ||
               ((row->kind == &mlg_kind_number || row->kind == &mlg_kind_share) &&
                isfinite(*(const double *)field))) {
        key(writer, "default");
        mlg_param_print(row, defaults, writer->out);
    }
}

static void put_row(struct writer *writer, const struct mlg_param *row, const void *defaults)
{
    struct mlg_builder description;
    mlg_builder_init(&description, 4096);
    mlg_put(&description, row->help);
    if (row->unset)
        mlg_put_format(&description, " (default: %s)", row->unset);
    open_object(writer, row->name);
    text(writer, "description", description.data);
    line(writer);
    row->kind->schema(row, writer->out);
    put_default(writer, row, defaults);
    close_with(writer, "}");
    mlg_builder_free(&description);
}

static void put_required(struct writer *writer, const struct mlg_param *const *tables,
                         const char *const *also)
{
    const char *separator = "";
    key(writer, "required");
    mlg_put(writer->out, "[");
    for (; *tables; tables++)
        for (const struct mlg_param *row = *tables; row->name; row++)
            if (row->required) {
                mlg_put(writer->out, separator);
                mlg_put_json(writer->out, row->name);
                separator = ", ";
            }
    for (; also && *also; also++) {
        mlg_put(writer->out, separator);
        mlg_put_json(writer->out, *also);
        separator = ", ";
    }
    mlg_put(writer->out, "]");
}

static void put_closed(struct writer *writer)
{
    key(writer, "additionalProperties");
    mlg_put(writer->out, "false");
}

/* The members of an object schema with one property per row. */
static void put_rows(struct writer *writer, const struct mlg_param *rows, const void *defaults)
{
    const struct mlg_param *const tables[] = {rows, NULL};
    text(writer, "type", "object");
    open_object(writer, "properties");
    for (const struct mlg_param *row = rows; row->name; row++)
        put_row(writer, row, defaults);
    close_with(writer, "}");
    put_required(writer, tables, NULL);
    put_closed(writer);
}

static void put_gate(struct writer *writer, const struct mlg_gate *gate)
{
    static const char *const also[] = {"checks", NULL};
    const struct mlg_param *const tables[] = {mlg_gate_params, NULL, NULL};
    const struct mlg_param *both[] = {tables[0], gate->params, NULL};
    open_object(writer, NULL);
    text(writer, "title", gate->name);
    text(writer, "description", gate->about);
    text(writer, "type", "object");
    open_object(writer, "properties");
    for (const struct mlg_param *row = mlg_gate_params; row->name; row++) {
        if (strcmp(row->name, "gate") == 0) {
            open_object(writer, row->name);
            text(writer, "description", row->help);
            text(writer, "const", gate->name);
            close_with(writer, "}");
        } else {
            put_row(writer, row, &mlg_gate_config_defaults);
        }
    }
    for (const struct mlg_param *row = gate->params; row && row->name; row++)
        put_row(writer, row, gate->defaults);
    close_with(writer, "}");
    put_required(writer, both, also);
    put_closed(writer);
    close_with(writer, "}");
}

void mlg_put_schema(struct mlg_builder *out, struct mlg_arena *arena)
{
    static const char *const also[] = {"gates", NULL};
    const struct mlg_param *const tables[] = {mlg_suite_params, NULL};
    struct writer writer = {.out = out, .depth = 1, .first = true};
    (void)arena;
    mlg_put(out, "{");
    text(&writer, "$schema", "https://json-schema.org/draft/2020-12/schema");
    text(&writer, "title", "mlgate.yaml");
    text(&writer, "description", "what must hold before a model is used; judged by mlgate run");
    text(&writer, "type", "object");
    open_object(&writer, "properties");
    for (const struct mlg_param *row = mlg_suite_params; row->name; row++) {
        if (strcmp(row->name, "version") == 0) {
            open_object(&writer, row->name);
            text(&writer, "description", row->help);
            key(&writer, "const");
            mlg_put(out, "1");
            close_with(&writer, "}");
        } else {
            put_row(&writer, row, &mlg_suite_defaults);
        }
    }
    open_object(&writer, "data");
    text(&writer, "description",
         "the files to judge, each under a name of its own; only a suite whose gates look at no rows has "
         "none");
    text(&writer, "type", "object");
    key(&writer, "minProperties");
    mlg_put(out, "1");
    open_object(&writer, "additionalProperties");
    put_rows(&writer, mlg_data_params, &mlg_data_defaults);
    close_with(&writer, "}");
    close_with(&writer, "}");

    open_object(&writer, "gates");
    text(&writer, "description", "what must hold");
    text(&writer, "type", "array");
    key(&writer, "minItems");
    mlg_put(out, "1");
    open_object(&writer, "items");
    key(&writer, "oneOf");
    mlg_put(out, "[");
    writer.depth++;
    writer.first = true;
    for (size_t i = 0; mlg_gates[i]; i++)
        put_gate(&writer, mlg_gates[i]);
    close_with(&writer, "]");
    close_with(&writer, "}");
    close_with(&writer, "}");

    open_object(&writer, "waivers");
    text(&writer, "description",
         "checks that may fail until a day; or the path of a YAML file with the list");
    key(&writer, "type");
    mlg_put(out, "[\"array\", \"string\"]");
    open_object(&writer, "items");
    put_rows(&writer, mlg_waiver_params, NULL);
    close_with(&writer, "}");
    close_with(&writer, "}");
    close_with(&writer, "}");
    put_required(&writer, tables, also);
    put_closed(&writer);
    mlg_put(out, "\n}\n");
}

int mlg_command_schema(struct mlg_session *session)
{
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    mlg_put_schema(&out, &session->arena);
    return mlg_finish_output(session, &out);
}
