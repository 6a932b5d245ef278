/* catalogue.c: what there is and what it means: `mlgate list` and `mlgate explain`. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../plugins.h"
#include "mlgate/disparity.h"
#include "mlgate/interval.h"
#include "mlgate/metric.h"
#include "mlgate/overfit.h"
#include "mlgate/repro.h"
#include "mlgate/verdict.h"

enum { LINE = 100 };

/* ---- tables of the config --------------------------------------------------------------------------- */

const struct mlg_table_of_rows *mlg_config_tables(struct mlg_arena *arena)
{
    size_t gates = 0, count = 0;
    while (mlg_gates[gates])
        gates++;
    struct mlg_table_of_rows *tables = MLG_NEW_ARRAY(arena, struct mlg_table_of_rows, gates + 6);
    if (!tables)
        return NULL;
    tables[count++] =
        (struct mlg_table_of_rows){"Suite", "at the top level", "", mlg_suite_params, &mlg_suite_defaults};
    tables[count++] =
        (struct mlg_table_of_rows){"Data", "under data.NAME", "", mlg_data_params, &mlg_data_defaults};
    tables[count++] = (struct mlg_table_of_rows){"Gates", "in every entry of gates", "", mlg_gate_params,
                                                 &mlg_gate_config_defaults};
    tables[count++] =
        (struct mlg_table_of_rows){"Waivers", "in every entry of waivers", "", mlg_waiver_params, NULL};
    for (size_t i = 0; i < gates; i++)
        if (mlg_params_count(mlg_gates[i]->params) > 0) {
            char *title = mlg_arena_format(arena, "Gate %s", mlg_gates[i]->name);
            char *where = mlg_arena_format(arena, "in an entry of gates with gate: %s", mlg_gates[i]->name);
            tables[count++] =
                (struct mlg_table_of_rows){title ? title : "", where ? where : "", mlg_gates[i]->about,
                                           mlg_gates[i]->params, mlg_gates[i]->defaults};
        }
    return tables;
}

/* ---- metrics ---------------------------------------------------------------------------------------- */

static const char *group_of(const struct mlg_metric *metric)
{
    if (metric->reads & MLG_READS_QUERY)
        return "ranked lists (rows of one query together)";
    if (metric->reads & (MLG_READS_LABEL_NUMBER | MLG_READS_PREDICTION_NUMBER))
        return "numbers (regression)";
    if (metric->reads & MLG_READS_PROBABILITY)
        return "probabilities";
    if (metric->reads & MLG_READS_SCORE)
        return "scores (ranking)";
    if (metric->reads & (MLG_READS_LABEL | MLG_READS_PREDICTION))
        return "classes";
    return "any table";
}

static void put_direction(struct mlg_builder *out, enum mlg_direction direction)
{
    mlg_put(out, direction == MLG_HIGHER_IS_BETTER  ? "higher is better"
                 : direction == MLG_LOWER_IS_BETTER ? "lower is better"
                                                    : "neither direction is better");
}

static void put_numbers(struct mlg_builder *out, double minimum, double maximum)
{
    if (isinf(minimum) && isinf(maximum)) {
        mlg_put(out, "any number");
    } else if (isinf(maximum)) {
        mlg_put_number(out, minimum);
        mlg_put(out, " or more");
    } else if (isinf(minimum)) {
        mlg_put_number(out, maximum);
        mlg_put(out, " or less");
    } else {
        mlg_put_number(out, minimum);
        mlg_put(out, " to ");
        mlg_put_number(out, maximum);
    }
}

static void put_range(struct mlg_builder *out, const struct mlg_metric *metric)
{
    put_numbers(out, metric->minimum, metric->maximum);
}

static void put_reads(struct mlg_builder *out, unsigned reads)
{
    static const struct {
        unsigned bit;
        const char *words;
    } rows[] = {{MLG_READS_LABEL, "labels"},
                {MLG_READS_PREDICTION, "predicted classes (from the prediction column, or from scores)"},
                {MLG_READS_SCORE, "scores"},
                {MLG_READS_PROBABILITY, "probabilities"},
                {MLG_READS_LABEL_NUMBER, "labels that are numbers"},
                {MLG_READS_PREDICTION_NUMBER, "predictions that are numbers"},
                {MLG_READS_QUERY, "queries"},
                {MLG_READS_POSITIVE, "which class is positive"}};
    const char *separator = "";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (reads & rows[i].bit) {
            mlg_put_format(out, "%s%s", separator, rows[i].words);
            separator = ", ";
        }
    if (!*separator)
        mlg_put(out, "rows alone");
}

/* RATE_group_min is a group's own value. */
static bool has_method_of_rate(const struct mlg_metric *metric)
{
    for (size_t i = 0; mlg_disparities[i]; i++)
        if (mlg_disparities[i] == metric)
            return mlg_disparity_ending(metric) && metric->method == MLG_METHOD_WILSON;
    return false;
}

/* fbeta(beta, average, class) */
static void put_signature(struct mlg_builder *out, const struct mlg_metric *metric)
{
    mlg_put(out, metric->name);
    for (size_t i = 0; metric->arguments && metric->arguments[i]; i++)
        mlg_put_format(out, "%s%s", i ? ", " : "(",
                       strcmp(metric->arguments[i], "columns") == 0 ? "COLUMN ..." : metric->arguments[i]);
    if (metric->arguments && metric->arguments[0])
        mlg_put(out, ")");
}

static void put_method(struct mlg_builder *out, enum mlg_method method, bool source)
{
    const struct mlg_method_row *row = &mlg_methods[method];
    mlg_put_format(out, "%s: %s", row->name, row->about ? row->about : "");
    if (source && row->source && *row->source)
        mlg_put_format(out, " (%s)", row->source);
}

/* "  label        text, filled" */
static void put_entry(struct mlg_builder *out, const char *label, const char *text)
{
    enum { COLUMN = 18 };
    if (!text || !*text)
        return;
    mlg_put_format(out, "  %-*s", COLUMN - 2, label);
    mlg_put_filled(out, text, COLUMN, COLUMN, LINE);
}

static bool is_repro(const struct mlg_metric *metric)
{
    return mlg_repro_find(metric->name) == metric;
}

static void explain_arguments(struct mlg_builder *out, const struct mlg_metric *metric)
{
    struct mlg_builder text, value;
    for (size_t i = 0; metric->arguments && metric->arguments[i]; i++) {
        const struct mlg_param *row = mlg_params_find(mlg_metric_rows_of(metric), metric->arguments[i]);
        if (!row)
            continue;
        mlg_builder_init(&text, 0);
        mlg_builder_init(&value, 0);
        mlg_put_default(&value, row, &mlg_metric_arguments_defaults);
        bool required = is_repro(metric) ||
                        (metric->required_argument && strcmp(metric->required_argument, row->name) == 0);
        mlg_put_format(&text, "%s: %s; takes ", row->name, row->help);
        mlg_put_takes(&text, row);
        if (required)
            mlg_put(&text, " (required)");
        else if (value.size)
            mlg_put_format(&text, " (default: %s)", value.data);
        put_entry(out, i == 0 ? "arguments" : "", text.data);
        mlg_builder_free(&value);
        mlg_builder_free(&text);
    }
}

static bool is_overfit(const struct mlg_metric *metric)
{
    return mlg_overfit_find(metric->name) == metric;
}

/* What it looks at beside held-out rows. */
static void put_needs(struct mlg_builder *out, const struct mlg_metric *metric)
{
    static const struct {
        unsigned bit;
        const char *words;
    } rows[] = {{MLG_NEEDS_TRAIN, "train rows"},
                {MLG_NEEDS_COLUMNS, "columns without a role"},
                {MLG_NEEDS_FOLD, "folds"},
                {MLG_NEEDS_CURVES, "a training log, and no rows"}};
    const struct mlg_overfit_kernel *kernel = metric->kernel;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (kernel->needs & rows[i].bit)
            mlg_put_format(out, "%s%s", out->size ? ", " : "", rows[i].words);
}

static void explain_metric(struct mlg_builder *out, const struct mlg_metric *metric)
{
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    mlg_put_format(out, "%s (quantity%s): %s\n", metric->name,
                   is_overfit(metric) ? " of training"
                   : is_repro(metric) ? " of runs"
                                      : "",
                   metric->about);
    put_entry(out, "definition", metric->definition);
    put_direction(&text, metric->direction);
    put_entry(out, "direction", text.data);
    mlg_builder_free(&text);
    put_range(&text, metric);
    put_entry(out, "range", text.data);
    mlg_builder_free(&text);
    if (is_overfit(metric))
        put_needs(&text, metric);
    if (is_repro(metric))
        mlg_put(&text, "what the runs of a command write");
    if (mlg_metric_takes_metric(metric))
        mlg_put_format(&text, "%swhat METRIC reads%s", text.size ? ", " : "", metric->reads ? ", and " : "");
    if (metric->reads || !text.size)
        put_reads(&text, metric->reads);
    put_entry(out, "reads", text.data);
    if (mlg_metric_takes_metric(metric)) {
        mlg_builder_free(&text);
        mlg_put_format(&text,
                       "%s(recall, class=\"<=50K\"): METRIC, then its own arguments; what is no plain "
                       "word stands in quotes",
                       metric->name);
        put_entry(out, "written", text.data);
    }
    explain_arguments(out, metric);
    put_entry(out, "undefined", metric->undefined_when ? metric->undefined_when : "never");
    mlg_builder_free(&text);
    if (mlg_metric_takes_metric(metric) && metric->method == MLG_METHOD_NONE)
        mlg_put(&text, is_overfit(metric)
                           ? "that of METRIC on the held-out rows (accuracy: wilson)"
                           : "that of METRIC, where it has one for such an answer (accuracy: wilson)");
    else
        put_method(&text, metric->method, true);
    if (metric->method == MLG_METHOD_WILSON)
        mlg_put(&text, "; with `interval: auto`, of fewer than 40 rows, or 5 that count or do not, "
                       "clopper_pearson");
    put_entry(out, "interval", text.data);
    mlg_builder_free(&text);
    for (size_t i = 0; metric->aliases && metric->aliases[i]; i++)
        mlg_put_format(&text, "%s%s", i ? ", " : "", metric->aliases[i]);
    put_entry(out, "also written", text.data);
    put_entry(out, "convention", metric->source);
    if (is_overfit(metric)) {
        const struct mlg_overfit_kernel *kernel = metric->kernel;
        put_entry(out, "verdicts",
                  kernel->needs & MLG_NEEDS_CURVES
                      ? "an end that is worse than the beginning fails whatever the limit; docs/curves.md"
                      : "docs/overfit.md tells how to choose limits");
    }
    mlg_builder_free(&text);
}

/* ---- quantities of groups ---------------------------------------------------------------------------- */

/* What a quantity cannot do without, as an argument: "beta=1". */
static void put_required(struct mlg_builder *out, const struct mlg_metric *metric, const char **separator)
{
    const char *required = metric ? metric->required_argument : NULL;
    if (!required)
        return;
    mlg_put_format(out, "%s%s=1", *separator, required);
    *separator = ", ";
}

/* The call that a name means; false: it means none, as `error` says. */
static bool resolve_disparity(const struct mlg_metric *disparity, const char *name, const char *rate,
                              struct mlg_arena *arena, struct mlg_call *call, struct mlg_error *error)
{
    struct mlg_check check;
    const char *canonical, *separator = "(";
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    mlg_put(&text, name);
    put_required(&text, disparity, &separator);
    put_required(&text, rate ? mlg_metric_find(rate) : NULL, &separator);
    mlg_put(&text, *separator == ',' ? ")" : "");
    const bool done = !text.failed && mlg_check_parse(text.data, text.size, arena, &check, error) == MLG_OK &&
                      mlg_disparity_resolve(&check, arena, call, &canonical, error) == MLG_OK;
    mlg_builder_free(&text);
    return done;
}

/* Aliases are names, or "name = what it stands for" where the row is of every rate. */
static void put_disparity_aliases(struct mlg_builder *out, const struct mlg_metric *disparity,
                                  const char *name)
{
    for (size_t i = 0; disparity->aliases && disparity->aliases[i]; i++) {
        const char *alias = disparity->aliases[i], *equals = strstr(alias, " = ");
        if (equals && name && strcmp(equals + strlen(" = "), name) != 0)
            continue;
        mlg_put_format(out, "%s%.*s", out->size ? ", " : "",
                       (int)(equals && name ? (size_t)(equals - alias) : strlen(alias)), alias);
    }
}

/* Is what is measured of every group a share of rows? */
static bool is_of_counts(const struct mlg_call *call)
{
    for (size_t i = 0; i < call->part_count; i++)
        if (call->parts[i].metric->method != MLG_METHOD_WILSON)
            return false;
    return true;
}

static void put_disparity_interval(struct mlg_builder *out, const struct mlg_metric *disparity,
                                   const struct mlg_call *call)
{
    const bool of_pairs = disparity->method == MLG_METHOD_NEWCOMBE || disparity->method == MLG_METHOD_KOOPMAN;
    if (has_method_of_rate(disparity) && call)
        put_method(out, call->parts[0].metric->method, true);
    else if (has_method_of_rate(disparity))
        mlg_put(out, "that of RATE");
    else if (of_pairs && call && !is_of_counts(call))
        put_method(out, MLG_METHOD_MOVER, true);
    else
        put_method(out, disparity->method, true);
    if (of_pairs && (!call || is_of_counts(call)))
        mlg_put_format(out, "; %s where a count is small",
                       mlg_methods[MLG_METHOD_MOVER_CLOPPER_PEARSON].name);
    if (of_pairs && !call)
        mlg_put_format(out, "; %s where RATE is no share of rows", mlg_methods[MLG_METHOD_MOVER].name);
}

static void explain_resolved(struct mlg_builder *out, const struct mlg_call *call)
{
    struct mlg_builder text;
    double minimum, maximum;
    mlg_builder_init(&text, 0);
    put_direction(&text, mlg_disparity_direction(call));
    put_entry(out, "direction", text.data);
    mlg_builder_free(&text);
    mlg_disparity_range(call, &minimum, &maximum);
    put_numbers(&text, minimum, maximum);
    put_entry(out, "range", text.data);
    mlg_builder_free(&text);
    put_reads(&text, mlg_disparity_reads(call));
    mlg_put(&text, mlg_disparity_is_of_all_rows(call) ? "" : ", and the columns of the attribute");
    put_entry(out, "reads", text.data);
    mlg_builder_free(&text);
}

/* `name` may be RATE_difference itself; `rate` is then NULL. */
static void explain_disparity(struct mlg_builder *out, const struct mlg_metric *disparity, const char *name,
                              const char *rate, struct mlg_arena *arena)
{
    struct mlg_builder text;
    struct mlg_call call;
    struct mlg_error error = {0};
    const char *ending = mlg_disparity_ending(disparity);
    const char *ours = rate ? mlg_arena_format(arena, "%s%s", rate, ending) : disparity->name;
    const bool any_rate = ending && !rate;
    ours = ours ? ours : name;
    if (strcmp(name, ours) != 0)
        mlg_put_format(out, "%s is %s\n", name, ours);
    mlg_put_format(out, "%s (quantity of groups): %s\n", ours, disparity->about);
    if (!any_rate && !resolve_disparity(disparity, name, rate, arena, &call, &error)) {
        put_entry(out, "refused", error.text);
        return;
    }
    if (ending)
        put_entry(out, "RATE",
                  any_rate ? "a quantity of the accuracy gate, such as selection_rate, tpr, roc_auc or mae"
                           : mlg_arena_format(arena, "%s, which is told below", rate));
    put_entry(out, "definition", disparity->definition);
    if (any_rate)
        put_entry(out, "reads", "what RATE reads, and the columns of the attribute");
    else
        explain_resolved(out, &call);
    explain_arguments(out, disparity);
    if (ending)
        put_entry(out, "", mlg_arena_format(arena, "and those of %s, by name", rate ? rate : "RATE"));
    put_entry(out, "undefined", disparity->undefined_when ? disparity->undefined_when : "never");
    mlg_builder_init(&text, 0);
    put_disparity_interval(&text, disparity, any_rate ? NULL : &call);
    put_entry(out, "interval", text.data);
    mlg_builder_free(&text);
    put_disparity_aliases(&text, disparity, any_rate ? NULL : ours);
    put_entry(out, "also written", text.data);
    mlg_builder_free(&text);
    put_entry(out, "convention", disparity->source);
    put_entry(out, "verdicts", "docs/fairness.md tells how groups are judged");
}

/* ---- list ------------------------------------------------------------------------------------------- */

static void put_metric_line(struct mlg_builder *out, const struct mlg_metric *metric)
{
    enum { COLUMN = 34 };
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    put_signature(&text, metric);
    size_t width = mlg_text_width(text.data);
    mlg_put_format(out, "  %s%*s", text.data, width + 4 > COLUMN ? 2 : (int)(COLUMN - 2 - width), "");
    mlg_put_format(out, "%s %s\n",
                   metric->direction == MLG_HIGHER_IS_BETTER  ? "[+]"
                   : metric->direction == MLG_LOWER_IS_BETTER ? "[-]"
                                                              : "[ ]",
                   metric->about);
    mlg_builder_free(&text);
}

static void put_cell(struct mlg_builder *out, const char *text)
{
    mlg_put(out, "| ");
    mlg_put_markdown(out, text ? text : "");
    mlg_put(out, " ");
}

static void put_metric_row(struct mlg_builder *out, const struct mlg_metric *metric)
{
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    put_signature(&text, metric);
    mlg_put_format(out, "| `%s` ", text.data);
    put_cell(out, metric->about);
    put_cell(out, metric->definition);
    mlg_builder_free(&text);
    put_range(&text, metric);
    mlg_put(&text, metric->direction == MLG_HIGHER_IS_BETTER  ? ", higher is better"
                   : metric->direction == MLG_LOWER_IS_BETTER ? ", lower is better"
                                                              : "");
    put_cell(out, text.data);
    put_cell(out, metric->undefined_when ? metric->undefined_when : "never");
    put_cell(out, mlg_metric_takes_metric(metric) && metric->method == MLG_METHOD_NONE ? "METRIC's own"
                  : has_method_of_rate(metric)                                         ? "RATE's own"
                                               : mlg_methods[metric->method].name);
    put_cell(out, metric->source);
    mlg_put(out, "|\n");
    mlg_builder_free(&text);
}

static void put_table(struct mlg_builder *out, const struct mlg_metric *const *metrics, bool markdown)
{
    for (size_t i = 0; metrics[i]; i++) {
        if (markdown)
            put_metric_row(out, metrics[i]);
        else
            put_metric_line(out, metrics[i]);
    }
}

static void put_metrics(struct mlg_builder *out, bool markdown)
{
    for (size_t i = 0; mlg_metrics[i]; i++) {
        const char *group = group_of(mlg_metrics[i]);
        size_t first = 0;
        while (mlg_metrics[first] && group_of(mlg_metrics[first]) != group)
            first++;
        if (first < i) /* told already */
            continue;
        if (markdown)
            mlg_put_format(out,
                           "\n## Quantities of %s\n\n| quantity | what it tells | definition | range | "
                           "undefined | interval | convention |\n|---|---|---|---|---|---|---|\n",
                           group);
        else
            mlg_put_format(out, "\nquantities of %s\n", group);
        for (size_t k = i; mlg_metrics[k]; k++)
            if (group_of(mlg_metrics[k]) == group) {
                if (markdown)
                    put_metric_row(out, mlg_metrics[k]);
                else
                    put_metric_line(out, mlg_metrics[k]);
            }
    }
}

static void put_disparities(struct mlg_builder *out, bool markdown)
{
    if (markdown)
        mlg_put(out,
                "\n## Quantities of groups (fairness gate)\n\nA RATE is any quantity above that is no "
                "count of rows: `selection_rate_ratio`, `tpr_difference`, `mae_group_max`.\n[fairness.md]"
                "(fairness.md) tells how groups are judged, and what other libraries call these.\n\n"
                "| quantity | what it tells | definition | range | undefined | interval | convention |\n"
                "|---|---|---|---|---|---|---|\n");
    else
        mlg_put(out, "\ngroups (fairness gate); RATE is a quantity above, as in tpr_difference\n");
    put_table(out, mlg_disparities, markdown);
}

static void put_overfits(struct mlg_builder *out, bool markdown)
{
    if (markdown)
        mlg_put(out, "\n## Quantities of training (overfit gate)\n\nA METRIC is any quantity above of which "
                     "more or less "
                     "is better: `gap(roc_auc)`, `gain_over_dummy(mae)`.\n[overfit.md](overfit.md) tells how "
                     "to choose "
                     "limits.\n\n"
                     "| quantity | what it tells | definition | range | undefined | interval | convention |\n"
                     "|---|---|---|---|---|---|---|\n");
    else
        mlg_put(out, "\ntraining (overfit gate); METRIC is a quantity above, as in gap(accuracy)\n");
    put_table(out, mlg_overfits, markdown);
}

static void put_repros(struct mlg_builder *out, bool markdown)
{
    if (markdown)
        mlg_put(out, "\n## Quantities of runs (repro gate)\n\nFILE is one of the gate's outputs. What "
                     "compares two runs is the worst of all runs against the first of the same seed.\n\n"
                     "| quantity | what it tells | definition | range | undefined | interval | convention |\n"
                     "|---|---|---|---|---|---|---|\n");
    else
        mlg_put(out, "\nruns (repro gate); FILE is one of its outputs, as in identical(model.npz)\n");
    put_table(out, mlg_repros, markdown);
}

static void put_argument_rows(struct mlg_builder *out, const struct mlg_param *rows)
{
    for (const struct mlg_param *row = rows; row->name; row++) {
        struct mlg_builder text;
        mlg_builder_init(&text, 0);
        mlg_put_format(out, "| `%s` ", row->name);
        put_cell(out, row->help);
        mlg_put_takes(&text, row);
        put_cell(out, text.data);
        mlg_builder_free(&text);
        mlg_put_default(&text, row, &mlg_metric_arguments_defaults);
        put_cell(out, text.data);
        mlg_put(out, "|\n");
        mlg_builder_free(&text);
    }
}

void mlg_put_list(struct mlg_builder *out, bool markdown)
{
    if (markdown) {
        mlg_put(out,
                "# Quantities\n\nGenerated by `mlgate list --markdown`; do not edit. A check compares one of "
                "these with a limit, as in\n`roc_auc >= 0.85` or `f1(average=macro) >= 60%`. What is no "
                "plain word "
                "stands in quotes. A METRIC within a\nquantity is followed by its own arguments: "
                "`delta(recall, class=\"<=50K\") >= -0.01`.\n");
        put_metrics(out, true);
        put_disparities(out, true);
        put_overfits(out, true);
        put_repros(out, true);
        mlg_put(out, "\n## Arguments\n\n| argument | meaning | takes | default |\n|---|---|---|---|\n");
        put_argument_rows(out, mlg_metric_params);
        mlg_put(out,
                "\n## Arguments of quantities of groups\n\nBeside these, a quantity made of a RATE takes the "
                "arguments of that rate, by name: `recall_difference(average=macro)`.\n\n"
                "| argument | meaning | takes | default |\n|---|---|---|---|\n");
        put_argument_rows(out, mlg_disparity_params);
        mlg_put(out, "\n## Arguments of quantities of training\n\n| argument | meaning | takes | default |\n"
                     "|---|---|---|---|\n");
        put_argument_rows(out, mlg_overfit_params);
        mlg_put(out, "\n## Intervals\n\n| method | what it is | source |\n|---|---|---|\n");
        for (size_t i = 0; i < MLG_METHOD_COUNT; i++) {
            mlg_put_format(out, "| `%s` ", mlg_methods[i].name);
            put_cell(out, mlg_methods[i].about);
            put_cell(out, mlg_methods[i].source);
            mlg_put(out, "|\n");
        }
        return;
    }
    mlg_put(out, "gates\n");
    for (size_t i = 0; mlg_gates[i]; i++)
        mlg_put_format(out, "  %-14s%s\n", mlg_gates[i]->name, mlg_gates[i]->about);
    put_metrics(out, false);
    put_disparities(out, false);
    put_overfits(out, false);
    put_repros(out, false);
    mlg_put(out, "\nreports\n");
    for (size_t i = 0; mlg_reports[i]; i++)
        mlg_put_format(out, "  %-14s%s\n", mlg_reports[i]->name, mlg_reports[i]->about);
    mlg_put(out, "\n[+] higher is better, [-] lower is better; 'mlgate explain NAME' tells more\n");
}

/* ---- explain ---------------------------------------------------------------------------------------- */

static const char *const verdict_texts[MLG_VERDICT_COUNT] = {
    [MLG_PASS] = "the whole interval meets the limit",
    [MLG_FAIL] = "the whole interval misses the limit",
    [MLG_INCONCLUSIVE] =
        "the interval holds the limit, or there are fewer rows than min_rows: the data cannot "
        "tell; the report says how many rows would decide",
    [MLG_VERDICT_ERROR] =
        "it could not be measured: a missing column, an undefined value, an unreadable file; "
        "never a pass",
    [MLG_WAIVED] = "it would fail or be inconclusive, and a waiver with owner, reason and expiry covers it",
    [MLG_NOT_APPLICABLE] = "the task does not have such a quantity; the reason stands with it"};

/* Tells apart what several things of one name are. */
struct explanation {
    struct mlg_builder *out;
    size_t count;
};

static void begin(struct explanation *explanation)
{
    if (explanation->count++)
        mlg_put(explanation->out, "\n");
}

static void explain_row(struct explanation *explanation, const struct mlg_table_of_rows *table,
                        const struct mlg_param *row, struct mlg_arena *arena)
{
    struct mlg_builder text, *out = explanation->out;
    begin(explanation);
    mlg_builder_init(&text, 0);
    mlg_put_format(out, "%s (option): %s\n", row->name, row->help);
    bool inherited = table->rows == mlg_suite_params && mlg_params_find(mlg_settings_params, row->name);
    bool setting = table->rows == mlg_gate_params && mlg_params_find(mlg_settings_params, row->name);
    put_entry(out, "stands",
              inherited ? "at the top level, in an entry of gates, or in a check"
              : setting ? "in an entry of gates, or in a check"
                        : table->where);
    mlg_put_takes(&text, row);
    put_entry(out, "takes", text.data);
    mlg_builder_free(&text);
    mlg_put_default(&text, row, table->defaults);
    put_entry(out, row->required ? "required" : "default", row->required ? "yes" : text.data);
    mlg_builder_free(&text);
    if (!row->not_a_flag && table->rows != mlg_waiver_params) {
        mlg_put_format(&text, "%s, in the environment MLGATE_", mlg_flag_of(row, arena));
        for (const char *c = row->name; *c; c++)
            mlg_put_format(&text, "%c", *c >= 'a' && *c <= 'z' ? *c - 'a' + 'A' : *c);
        put_entry(out, "as a flag", text.data);
    }
    mlg_builder_free(&text);
}

struct names {
    struct mlg_arena *arena;
    const char **items;
    size_t count, capacity;
};

static void add_name(struct names *names, const char *name)
{
    if (!name)
        return;
    const char **items =
        mlg_arena_grow(names->arena, names->items, &names->capacity, names->count + 1, sizeof *items);
    if (!items)
        return;
    names->items = items;
    items[names->count++] = name;
}

/* What has no row of its own. */
static const struct {
    const char *name, *kind, *text, *see;
} words[] = {
    {"holm", "value of family",
     "a failure has to be proof among all checks of the suite together (Holm 1979: of m checks, the i-th "
     "smallest "
     "p-value is compared with alpha / (m - i + 1)); one that is not is inconclusive; passing needs no "
     "correction",
     "family: holm at the top level of mlgate.yaml, or --family holm"},
    {"waivers", "key",
     "a list at the top level of mlgate.yaml; each waiver names one check by its id, the reason, an owner "
     "and the "
     "last day (UTC) on which it holds; a check that failed or is inconclusive is then waived: still shown, "
     "but it "
     "blocks nothing; an error cannot be waived, an expired waiver waives nothing, an unused one is a "
     "warning",
     "- {check: accuracy / roc_auc >= 0.85, reason: TEXT, owner: TEXT, expires: 2027-01-31}"},
    {"gates", "key", "a list at the top level of mlgate.yaml: what must hold, by kind",
     "- {gate: accuracy, checks: [roc_auc >= 0.85]}"},
    {"vacuous", "word of reports",
     "a limit that the best constant answer meets too: to meet it a model need not have learnt anything",
     NULL},
};

static void explain_words(struct explanation *explanation, const char *name, struct names *names)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        add_name(names, words[i].name);
        size_t size = strlen(words[i].name);
        bool is_one_of_them = words[i].name[size - 1] == 's' && strlen(name) == size - 1 &&
                              strncmp(name, words[i].name, size - 1) == 0 && strcmp(name, "gate") != 0;
        if (strcmp(words[i].name, name) != 0 && !is_one_of_them)
            continue;
        begin(explanation);
        mlg_put_format(explanation->out, "%s (%s)\n", words[i].name, words[i].kind);
        put_entry(explanation->out, "meaning", words[i].text);
        put_entry(explanation->out, "written", words[i].see);
    }
}

static void explain_commands(struct explanation *explanation, const char *name, struct names *names)
{
    for (const struct mlg_command *command = mlg_commands; command->name; command++) {
        struct mlg_builder text;
        add_name(names, command->name);
        if (strcmp(command->name, name) != 0)
            continue;
        mlg_builder_init(&text, 0);
        begin(explanation);
        mlg_put_format(explanation->out, "%s (command): %s\n", name, command->about);
        mlg_put_format(&text, "mlgate %s%s%s", name, command->usage[0] ? " " : "", command->usage);
        put_entry(explanation->out, "usage", text.data);
        mlg_builder_free(&text);
        mlg_put_format(&text, "mlgate help %s", name);
        put_entry(explanation->out, "all options", text.data);
        mlg_builder_free(&text);
    }
}

/* The options that take the name as a value: "point", "warn", "softmax". */
static void explain_choice(struct explanation *explanation, const char *name,
                           const struct mlg_table_of_rows *table, struct mlg_arena *arena)
{
    for (; table && table->rows; table++)
        for (const struct mlg_param *row = table->rows; row->name; row++) {
            bool again = table->rows == mlg_gate_params && mlg_params_find(mlg_suite_params, row->name);
            for (size_t i = 0; row->choices && row->choices[i] && !again; i++)
                if (strcmp(row->choices[i], name) == 0)
                    explain_row(explanation, table, row, arena);
        }
}

static void put_names_with_method(struct mlg_builder *out, const struct mlg_metric *const *metrics,
                                  enum mlg_method method)
{
    for (size_t i = 0; metrics[i]; i++)
        if (metrics[i]->method == method)
            mlg_put_format(out, "%s%s", out->size ? ", " : "", metrics[i]->name);
}

static void explain_argument(struct explanation *explanation, const char *name, struct names *names,
                             const struct mlg_param *rows, const struct mlg_metric *const *metrics)
{
    struct mlg_builder text;
    for (const struct mlg_param *row = rows; row->name; row++) {
        add_name(names, row->name);
        if (strcmp(row->name, name) != 0)
            continue;
        mlg_builder_init(&text, 0);
        begin(explanation);
        mlg_put_format(explanation->out, "%s (argument of quantities%s): %s\n", row->name,
                       metrics == mlg_disparities ? " of groups"
                       : metrics == mlg_overfits  ? " of training"
                                                  : "",
                       row->help);
        mlg_put_takes(&text, row);
        put_entry(explanation->out, "takes", text.data);
        mlg_builder_free(&text);
        mlg_put_default(&text, row, &mlg_metric_arguments_defaults);
        put_entry(explanation->out, "default", text.data);
        mlg_builder_free(&text);
        for (size_t k = 0; metrics[k]; k++)
            for (size_t a = 0; metrics[k]->arguments && metrics[k]->arguments[a]; a++)
                if (strcmp(metrics[k]->arguments[a], name) == 0)
                    mlg_put_format(&text, "%s%s", text.size ? ", " : "", metrics[k]->name);
        put_entry(explanation->out, "of", text.data);
        mlg_builder_free(&text);
    }
}

static void explain_metrics(struct explanation *explanation, const char *name, struct names *names,
                            const struct mlg_metric *const *metrics)
{
    for (size_t i = 0; metrics[i]; i++) {
        const struct mlg_metric *metric = metrics[i];
        add_name(names, metric->name);
        for (size_t k = 0; metric->aliases && metric->aliases[k]; k++)
            add_name(names, metric->aliases[k]);
        if (mlg_metric_is_called(metric, name)) {
            begin(explanation);
            explain_metric(explanation->out, metric);
        }
    }
}

/* The disparity, and the rate that it is made of. */
static void explain_disparities(struct explanation *explanation, const char *name, struct names *names)
{
    static const char any[] = "RATE";
    const char *rate;
    const struct mlg_metric *disparity = mlg_disparity_find(name, names->arena, &rate);
    for (size_t i = 0; mlg_disparities[i]; i++) {
        const char *ending = mlg_disparity_ending(mlg_disparities[i]);
        add_name(names, mlg_disparities[i]->name);
        for (size_t k = 0; ending && mlg_metrics[k]; k++)
            add_name(names, mlg_arena_format(names->arena, "%s%s", mlg_metrics[k]->name, ending));
    }
    if (rate && strcmp(rate, any) == 0)
        rate = NULL;
    else if (!disparity || (mlg_disparity_ending(disparity) && (!rate || !mlg_metric_find(rate))))
        return;
    begin(explanation);
    explain_disparity(explanation->out, disparity, name, rate, names->arena);
    if (rate) {
        begin(explanation);
        explain_metric(explanation->out, mlg_metric_find(rate));
    }
}

bool mlg_put_explanation(struct mlg_builder *out, const char *name, struct mlg_arena *arena,
                         const char **nearest)
{
    struct explanation explanation = {.out = out};
    struct names names = {.arena = arena};
    const struct mlg_table_of_rows *tables = mlg_config_tables(arena);
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    explain_metrics(&explanation, name, &names, mlg_metrics);
    explain_disparities(&explanation, name, &names);
    explain_metrics(&explanation, name, &names, mlg_overfits);
    explain_metrics(&explanation, name, &names, mlg_repros);
    for (size_t i = 0; mlg_gates[i]; i++) {
        const struct mlg_gate *gate = mlg_gates[i];
        add_name(&names, gate->name);
        if (strcmp(gate->name, name) != 0)
            continue;
        begin(&explanation);
        mlg_put_format(out, "%s (gate): %s\n", gate->name, gate->about);
        mlg_put_format(&text, "'- gate: %s' in mlgate.yaml, or mlgate-%s", gate->name, gate->name);
        put_entry(out, "used as", text.data);
        mlg_builder_free(&text);
        if (gate->example)
            mlg_put_format(&text, "- {gate: %s, %s%schecks: [%s]}", gate->name,
                           gate->without_data ? "" : "data: test, ",
                           gate->example_keys ? gate->example_keys : "", gate->example);
        put_entry(out, "example", text.data);
        mlg_builder_free(&text);
        for (size_t k = 0; gate->quantities && gate->quantities[k]; k++)
            mlg_put_format(&text, "%s%s", k ? ", " : "", gate->quantities[k]->name);
        put_entry(out, "quantities", text.data);
        mlg_builder_free(&text);
        for (const struct mlg_param *row = gate->params; row && row->name; row++) {
            mlg_put_format(&text, "%s: %s", row->name, row->help);
            put_entry(out, row == gate->params ? "options" : "", text.data);
            mlg_builder_free(&text);
        }
    }
    for (size_t i = 0; i < MLG_METHOD_COUNT; i++) {
        add_name(&names, mlg_methods[i].name);
        if (strcmp(mlg_methods[i].name, name) != 0)
            continue;
        begin(&explanation);
        mlg_put_format(out, "%s (interval): %s\n", mlg_methods[i].name,
                       mlg_methods[i].about ? mlg_methods[i].about : "");
        put_entry(out, "source", mlg_methods[i].source);
        put_names_with_method(&text, mlg_metrics, (enum mlg_method)i);
        put_names_with_method(&text, mlg_disparities, (enum mlg_method)i);
        put_names_with_method(&text, mlg_overfits, (enum mlg_method)i);
        put_entry(out, "of", text.data);
        mlg_builder_free(&text);
    }
    for (const struct mlg_table_of_rows *table = tables; table && table->rows; table++)
        for (const struct mlg_param *row = table->rows; row->name; row++) {
            add_name(&names, row->name);
            /* A gate inherits the suite's settings: they are told once. */
            bool again = table->rows == mlg_gate_params && mlg_params_find(mlg_suite_params, row->name);
            if (mlg_params_find(row, name) == row && !again)
                explain_row(&explanation, table, row, arena);
        }
    explain_argument(&explanation, name, &names, mlg_metric_params, mlg_metrics);
    explain_argument(&explanation, name, &names, mlg_disparity_params, mlg_disparities);
    explain_argument(&explanation, name, &names, mlg_overfit_params, mlg_overfits);
    for (size_t i = 0; mlg_reports[i]; i++) {
        add_name(&names, mlg_reports[i]->name);
        if (strcmp(mlg_reports[i]->name, name) != 0)
            continue;
        begin(&explanation);
        mlg_put_format(out, "%s (report): %s\n", name, mlg_reports[i]->about);
        mlg_put_format(&text, "--report %s=PATH, or '%s: PATH' under reports", name, name);
        put_entry(out, "used as", text.data);
        mlg_builder_free(&text);
    }
    for (size_t i = 0; i < MLG_VERDICT_COUNT; i++) {
        add_name(&names, mlg_verdicts[i].word);
        if (strcmp(mlg_verdicts[i].word, name) != 0)
            continue;
        begin(&explanation);
        mlg_put_format(out, "%s (verdict): %s\n", name, verdict_texts[i]);
        mlg_put_format(&text, "%d, where it blocks", mlg_verdicts[i].exit_code);
        put_entry(out, "exit code", mlg_verdicts[i].exit_code ? text.data : "0");
        mlg_builder_free(&text);
    }
    explain_words(&explanation, name, &names);
    explain_commands(&explanation, name, &names);
    if (explanation.count == 0)
        explain_choice(&explanation, name, tables, arena);
    *nearest = explanation.count ? NULL : mlg_nearest(name, names.items, names.count);
    if (!explanation.count && mlg_disparity_elsewhere(name))
        *nearest = mlg_disparity_elsewhere(name);
    if (!explanation.count && mlg_metric_elsewhere(name))
        *nearest = mlg_metric_elsewhere(name);
    return explanation.count > 0;
}

/* ---- commands ----------------------------------------------------------------------------------------- */

int mlg_command_list(struct mlg_session *session)
{
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    mlg_put_list(&out, session->own.markdown);
    return mlg_finish_output(session, &out);
}

/* A whole check, or a quantity with arguments: what it names, and a quantity within it. `*name` becomes what
 * was looked for. */
static bool explain_check(struct mlg_session *session, struct mlg_builder *out, const char **name,
                          const char **near)
{
    struct mlg_check check;
    struct mlg_error error;
    const char *unknown;
    if (!strpbrk(*name, "(<>= ") ||
        mlg_check_parse(*name, strlen(*name), &session->arena, &check, &error) != MLG_OK)
        return false;
    *name = check.name;
    if (!mlg_put_explanation(out, check.name, &session->arena, near))
        return false;
    for (size_t i = 0; i < check.argument_count; i++)
        for (size_t m = 0; !check.arguments[i].name && mlg_metrics[m]; m++)
            if (mlg_metric_is_called(mlg_metrics[m], check.arguments[i].value)) {
                mlg_put(out, "\n");
                mlg_put_explanation(out, check.arguments[i].value, &session->arena, &unknown);
            }
    return true;
}

int mlg_command_explain(struct mlg_session *session)
{
    struct mlg_builder out;
    const char *near;
    if (session->argument_count == 0)
        return mlg_complain(session, "nothing to explain is named; write for example mlgate explain roc_auc");
    const char *name = session->arguments[0];
    mlg_builder_init(&out, 0);
    if (mlg_put_explanation(&out, name, &session->arena, &near) || explain_check(session, &out, &name, &near))
        return mlg_finish_output(session, &out);
    mlg_builder_free(&out);
    if (near)
        return mlg_complain(session, "nothing is called '%s'; did you mean '%s'?", name, near);
    return mlg_complain(session, "nothing is called '%s'; 'mlgate list' shows what there is", name);
}
