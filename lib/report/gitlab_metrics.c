/* gitlab-metrics: every value, its bounds and its limit in the OpenMetrics text format, which GitLab compares
 * with the target branch in a merge request.
 *
 * GitLab splits a line as a shell does and cuts it at "#": labels have quotes, no blank stands outside of
 * them, and no "#" within. Of two series of the same name it keeps one, so none is written twice.
 */
#include <inttypes.h>

#include "mlgate/report.h"
#include "parts.h"

extern const struct mlg_report mlg_report_gitlab_metrics;

enum { ROOM = 8 * 1024 * 1024, LABEL_CUT = 300 };

enum family { ESTIMATE, LOWER, UPPER, LIMIT, BLOCKS, FAMILIES };

static const struct {
    const char *name, *help;
} families[FAMILIES] = {
    [ESTIMATE] = {"mlgate_estimate", "Value of a quantity on held-out data"},
    [LOWER] = {"mlgate_lower", "Lower one-sided bound of the value"},
    [UPPER] = {"mlgate_upper", "Upper one-sided bound of the value"},
    [LIMIT] = {"mlgate_limit", "Limit that the value is held to"},
    [BLOCKS] = {"mlgate_blocks", "1 where the check keeps the suite from passing"},
};

/* A series that is written: its value, and the number that the next of the same name gets. */
struct told {
    double value;
    size_t next;
};

struct metrics {
    const struct mlg_results *results;
    struct mlg_builder *out, label, line;
    struct mlg_index taken;
    struct mlg_arena arena;
    struct told *told;
    size_t told_count, left_out;
    bool failed;
};

/* One label's value: a line of text whose own quotes and backslashes are escaped. */
static void put_label(struct metrics *metrics, const char *name, bool is_first)
{
    struct mlg_builder *out = &metrics->line;
    struct mlg_builder safe;
    mlg_builder_init(&safe, 0);
    mlg_put_plain(&safe, metrics->label.data ? metrics->label.data : "");
    mlg_put_format(out, "%s%s=\"", is_first ? "" : ",", name);
    size_t size = safe.size < LABEL_CUT ? safe.size : LABEL_CUT;
    while (size < safe.size && size && (safe.data[size] & 0xc0) == 0x80)
        size--;
    for (size_t i = 0; i < size; i++) {
        const char c = safe.data[i];
        if (c == '"' || c == '\\')
            mlg_put(out, "\\");
        mlg_put_bytes(out, c == '#' ? "_" : &c, 1);
    }
    mlg_put(out, "\"");
    out->failed = out->failed || safe.failed || metrics->label.failed;
    mlg_builder_free(&safe);
    metrics->label.size = 0;
    if (metrics->label.capacity)
        metrics->label.data[0] = '\0';
}

/* "mlgate_estimate{gate="accuracy",quantity="roc_auc",slice="sex=Male"}"; limits and what blocks also tell
 * the direction, since one quantity may have two. */
static void put_labels(struct metrics *metrics, enum family family, const struct mlg_gate_result *gate,
                       const struct mlg_check_result *check, size_t number)
{
    mlg_put(&metrics->line, families[family].name);
    mlg_put(&metrics->line, "{");
    mlg_put(&metrics->label, gate->name ? gate->name : "");
    put_label(metrics, "gate", true);
    mlg_put_quantity(&metrics->label, check);
    put_label(metrics, "quantity", false);
    mlg_put_slice(&metrics->label, check);
    put_label(metrics, "slice", false);
    if (family == LIMIT || family == BLOCKS) {
        mlg_put(&metrics->label, check->comparator ? check->comparator : "");
        put_label(metrics, "direction", false);
    }
    if (number > 1) {
        mlg_put_format(&metrics->label, "%zu", number);
        put_label(metrics, "number", false);
    }
    mlg_put(&metrics->line, "}");
}

/* Writes name and labels into `line` and finds them among those that are taken. NULL: no memory. */
static struct told *look_up(struct metrics *metrics, enum family family, const struct mlg_gate_result *gate,
                            const struct mlg_check_result *check, size_t number, bool *made)
{
    metrics->line.size = 0;
    put_labels(metrics, family, gate, check, number);
    const size_t size = metrics->line.size;
    const char *key = mlg_take(&metrics->line, &metrics->arena);
    struct mlg_index_slot *slot = key ? mlg_index_get(&metrics->taken, key, metrics->told_count, made) : NULL;
    if (!slot) {
        metrics->failed = true;
        return NULL;
    }
    mlg_put_bytes(&metrics->line, key, size);
    metrics->told_count += *made;
    return &metrics->told[slot->value];
}

/* False: there is nothing to write. A quantity that is held to two limits has one value. */
static bool take_name(struct metrics *metrics, enum family family, const struct mlg_gate_result *gate,
                      const struct mlg_check_result *check, double value)
{
    bool made = false;
    struct told *first = look_up(metrics, family, gate, check, 1, &made);
    if (first && made)
        *first = (struct told){value, 2};
    while (first && !made) {
        if (family < LIMIT && !(first->value < value) && !(first->value > value))
            return false;
        struct told *other = look_up(metrics, family, gate, check, first->next++, &made);
        if (!other)
            return false;
        if (made)
            *other = (struct told){value, 2};
    }
    return first != NULL;
}

static void put_series(struct metrics *metrics, enum family family, const struct mlg_gate_result *gate,
                       const struct mlg_check_result *check, bool is_reported)
{
    const struct mlg_optional values[FAMILIES] = {[ESTIMATE] = check->estimate,
                                                  [LOWER] = check->lower,
                                                  [UPPER] = check->upper,
                                                  [LIMIT] = check->limit,
                                                  [BLOCKS] = {!is_reported, mlg_check_blocks(check) ? 1 : 0}};
    const struct mlg_optional value = values[family];
    if (!mlg_is_known(value) || !take_name(metrics, family, gate, check, value.value))
        return;
    mlg_put(&metrics->line, " ");
    mlg_put_number(&metrics->line, value.value);
    mlg_put(&metrics->line, "\n");
    if (metrics->out->size + metrics->line.size > ROOM)
        metrics->left_out++;
    else
        mlg_put_bytes(metrics->out, metrics->line.data, metrics->line.size);
}

static void put_head(struct mlg_builder *out, const char *name, const char *help)
{
    mlg_put_format(out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void put_family(struct metrics *metrics, enum family family)
{
    put_head(metrics->out, families[family].name, families[family].help);
    for (size_t g = 0; g < metrics->results->gate_count && !metrics->failed; g++) {
        const struct mlg_gate_result *gate = &metrics->results->gates[g];
        for (size_t i = 0; i < gate->check_count; i++)
            put_series(metrics, family, gate, &gate->checks[i], false);
        for (size_t i = 0; i < gate->reported_count; i++)
            put_series(metrics, family, gate, &gate->reported[i], true);
    }
}

static void put_whole(struct metrics *metrics)
{
    struct mlg_builder *out = metrics->out;
    const struct mlg_results *results = metrics->results;
    put_head(out, "mlgate_exit_code", "Exit code of the suite");
    mlg_put_format(out, "mlgate_exit_code %d\n", results->exit_code);
    put_head(out, "mlgate_checks", "Checks with each verdict");
    for (size_t i = 0; i < MLG_VERDICT_COUNT; i++)
        mlg_put_format(out, "mlgate_checks{verdict=\"%s\"} %" PRIu64 "\n", mlg_verdicts[i].word,
                       results->counts[i]);
    for (enum family family = 0; family < FAMILIES; family++)
        put_family(metrics, family);
    if (metrics->left_out) {
        put_head(out, "mlgate_left_out", "Series that are left out, because the file would grow too large");
        mlg_put_format(out, "mlgate_left_out %zu\n", metrics->left_out);
    }
    mlg_put(out, "# EOF\n");
}

static void write_gitlab_metrics(const struct mlg_results *results, const struct mlg_report_options *options,
                                 struct mlg_builder *out)
{
    struct metrics metrics = {.results = results, .out = out};
    size_t most = 0;
    (void)options;
    for (size_t g = 0; g < results->gate_count; g++)
        most += results->gates[g].check_count + results->gates[g].reported_count;
    mlg_arena_init(&metrics.arena, MLG_BUILDER_LID * 8UL);
    mlg_builder_init(&metrics.label, 0);
    mlg_builder_init(&metrics.line, 0);
    metrics.told = MLG_NEW_ARRAY(&metrics.arena, struct told, FAMILIES * most + 1);
    if (metrics.told && mlg_index_init(&metrics.taken, FAMILIES * most + 1, &metrics.arena))
        put_whole(&metrics);
    else
        metrics.failed = true;
    out->failed = out->failed || metrics.failed || metrics.label.failed || metrics.line.failed;
    mlg_builder_free(&metrics.label);
    mlg_builder_free(&metrics.line);
    mlg_arena_free(&metrics.arena);
}

const struct mlg_report mlg_report_gitlab_metrics = {
    .name = "gitlab-metrics",
    .about = "values, bounds and limits as OpenMetrics, for GitLab's metrics report and Prometheus",
    .write = write_gitlab_metrics,
};
