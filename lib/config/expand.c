/* expand: the suite as it is after all defaults, environment and flags, as YAML that loads to the same.
 *
 * Every line ends in a comment with the origin of its value; what is not given stands as a comment of its
 * own, with what holds instead.
 */
#include <string.h>

#include "config.h"
#include "mlgate/gate.h"

struct writer {
    struct mlg_builder *out;
    struct mlg_arena arena; /* for one line */
};

/* A path may hold anything; in a comment it stays on its line. */
static void put_origin(struct writer *writer, const struct mlg_origin *origin)
{
    mlg_put(writer->out, "  # ");
    mlg_put_plain(writer->out, mlg_origin_describe(origin, &writer->arena));
    mlg_put(writer->out, "\n");
    mlg_arena_free(&writer->arena);
}

static const struct mlg_origin *origin_of(const struct mlg_node *node)
{
    static const struct mlg_origin built_in = {.type = MLG_BUILT_IN};
    return node ? &node->origin : &built_in;
}

static void put_key(struct writer *writer, const char *indent, const char *key, const struct mlg_node *node)
{
    mlg_put(writer->out, indent);
    mlg_put_yaml(writer->out, key);
    mlg_put(writer->out, ":");
    put_origin(writer, origin_of(node));
}

static void put_row(struct writer *writer, const char *indent, const struct mlg_param *row,
                    const void *object, const struct mlg_origin *origin)
{
    bool unset = mlg_value_is_unset(row, object);
    mlg_put(writer->out, indent);
    mlg_put_format(writer->out, "%s%s: ", unset ? "# " : "", row->name);
    if (unset)
        mlg_put_plain(writer->out, row->unset ? row->unset : "not given");
    else
        mlg_param_print(row, object, writer->out);
    put_origin(writer, origin);
}

static void put_rows(struct writer *writer, const char *indent, const struct mlg_param *rows,
                     const void *object, const struct mlg_origin *origins)
{
    for (size_t i = 0; rows && rows[i].name; i++)
        put_row(writer, indent, &rows[i], object, &origins[i]);
}

/* Where a row has no meaning, and would not be read back, why; NULL: it has one. */
static const char *idle_row(const struct mlg_data *data, const char *name)
{
    const bool several = data->score.map.count > 0 || data->score_prefix;
    if (strcmp(name, "threshold") == 0)
        return several            ? "the class with the highest score is predicted"
               : data->prediction ? "the predictions stand in a column"
                                  : NULL;
    if (strcmp(name, "link") == 0 && !several && !data->score.column)
        return "there are no scores";
    return NULL;
}

static void put_data(struct writer *writer, const struct mlg_suite *suite)
{
    put_key(writer, "", "data", suite->node ? mlg_node_get(suite->node, "data") : NULL);
    for (size_t i = 0; i < suite->data_count; i++) {
        const struct mlg_data *data = &suite->data[i];
        put_key(writer, "  ", data->name, data->node);
        for (size_t k = 0; mlg_data_params[k].name; k++) {
            const char *idle = idle_row(data, mlg_data_params[k].name);
            if (idle)
                mlg_put_format(writer->out, "    # %s: %s  # built-in\n", mlg_data_params[k].name, idle);
            else
                put_row(writer, "    ", &mlg_data_params[k], data, &data->origins[k]);
        }
    }
}

static void put_check(struct writer *writer, const struct mlg_check_config *item)
{
    mlg_put(writer->out, "      - check: ");
    mlg_put_yaml(writer->out, item->check.written);
    put_origin(writer, origin_of(item->node));
    put_rows(writer, "        ", mlg_settings_params, &item->settings, item->origins);
}

static void put_gate(struct writer *writer, const struct mlg_gate_config *config)
{
    for (size_t i = 0; mlg_gate_params[i].name; i++)
        if (mlg_gate_params[i].kind != &mlg_kind_checks)
            put_row(writer, i == 0 ? "  - " : "    ", &mlg_gate_params[i], config, &config->origins[i]);
    put_rows(writer, "    ", config->gate->params, config->options, config->option_origins);
    put_key(writer, "    ", "checks", mlg_node_get(config->node, "checks"));
    for (size_t i = 0; i < config->checks.count; i++)
        put_check(writer, &config->checks.items[i]);
}

static void put_waivers(struct writer *writer, const struct mlg_suite *suite)
{
    put_key(writer, "", "waivers", suite->waivers_node);
    for (size_t i = 0; i < suite->waiver_count; i++)
        for (size_t k = 0; mlg_waiver_params[k].name; k++)
            put_row(writer, k == 0 ? "  - " : "    ", &mlg_waiver_params[k], &suite->waivers[i],
                    origin_of(mlg_node_get(suite->waivers[i].node, mlg_waiver_params[k].name)));
}

void mlg_suite_expand(const struct mlg_suite *suite, struct mlg_builder *out)
{
    struct writer writer = {.out = out};
    mlg_arena_init(&writer.arena, 0);
    put_rows(&writer, "", mlg_suite_params, suite, suite->origins);
    put_data(&writer, suite);
    if (suite->waiver_count > 0)
        put_waivers(&writer, suite);
    put_key(&writer, "", "gates", suite->node ? mlg_node_get(suite->node, "gates") : NULL);
    for (size_t i = 0; i < suite->gate_count; i++)
        put_gate(&writer, &suite->gates[i]);
    mlg_arena_free(&writer.arena);
}
