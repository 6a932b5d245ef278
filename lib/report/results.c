/* The finished suite as results.json, and what all its checks come to. docs/reports.md tells every member. */
#include "mlgate/results.h"

#include <math.h>
#include <string.h>

#include "parts.h"

/* ---- the conclusion ------------------------------------------------------------------------------- */

static const char *const nothing_checked[] = {
    "no check was judged: a suite needs at least one gate with a check such as 'roc_auc >= 0.85'"};
static const char *const nothing_applied[] = {
    "no check was judged: every check is not applicable, so nothing says that the model is good enough"};
static const char *const nothing_measured[] = {
    "no check was judged: not one could be measured, so nothing says that the model is good enough"};

/* Was there something to compare, whatever came of it? */
static bool is_judged(enum mlg_verdict verdict)
{
    return verdict != MLG_VERDICT_ERROR && verdict != MLG_NOT_APPLICABLE;
}

static enum mlg_verdict conclude_gate(struct mlg_gate_result *gate, struct mlg_results *results)
{
    enum mlg_verdict worst = MLG_PASS;
    size_t judged = 0;
    for (size_t i = 0; i < gate->check_count; i++) {
        struct mlg_check_result *check = &gate->checks[i];
        results->counts[check->verdict]++;
        judged += is_judged(check->verdict);
        check->blocks = mlg_check_blocks(check);
        if (check->blocks)
            worst = mlg_verdict_worst(worst, check->verdict);
        else if (!check->enforce && mlg_verdicts[check->verdict].exit_code != MLG_EXIT_PASS)
            results->not_enforced++;
    }
    if (gate->error)
        worst = mlg_verdict_worst(worst, MLG_VERDICT_ERROR);
    /* A gate that judged nothing has not passed anything. */
    return worst == MLG_PASS && judged == 0 ? MLG_NOT_APPLICABLE : worst;
}

void mlg_results_conclude(struct mlg_results *results)
{
    enum mlg_verdict worst = MLG_PASS;
    size_t checks = 0, judged = 0;
    memset(results->counts, 0, sizeof results->counts);
    results->not_enforced = 0;
    for (size_t g = 0; g < results->gate_count; g++) {
        struct mlg_gate_result *gate = &results->gates[g];
        gate->verdict = conclude_gate(gate, results);
        if (mlg_verdicts[gate->verdict].exit_code != MLG_EXIT_PASS)
            worst = mlg_verdict_worst(worst, gate->verdict);
        checks += gate->check_count;
    }
    for (int verdict = 0; verdict < MLG_VERDICT_COUNT; verdict++)
        judged += is_judged((enum mlg_verdict)verdict) ? results->counts[verdict] : 0;
    if (results->error_count == 0 && worst == MLG_PASS && judged == 0) {
        /* Constant texts, so that this needs no memory; nobody writes through the array. */
        results->errors = (const char **)(checks == 0                              ? nothing_checked
                                          : results->counts[MLG_VERDICT_ERROR] > 0 ? nothing_measured
                                                                                   : nothing_applied);
        results->error_count = 1;
    }
    if (results->error_count)
        worst = mlg_verdict_worst(worst, MLG_VERDICT_ERROR);
    results->verdict = worst;
    results->exit_code = mlg_verdicts[worst].exit_code;
}

/* ---- writing -------------------------------------------------------------------------------------- */

/* Where the next member goes: two spaces per level, a comma before all but the first. */
struct document {
    struct mlg_builder *out;
    unsigned depth;
    bool first;
};

static void next(struct document *doc)
{
    mlg_put(doc->out, doc->first ? "\n" : ",\n");
    for (unsigned i = 0; i < doc->depth; i++)
        mlg_put(doc->out, "  ");
    doc->first = false;
}

static void open(struct document *doc, const char *mark)
{
    mlg_put(doc->out, mark);
    doc->depth++;
    doc->first = true;
}

static void close(struct document *doc, const char *mark)
{
    bool empty = doc->first;
    doc->depth--;
    doc->first = true;
    if (!empty)
        next(doc);
    doc->first = false;
    mlg_put(doc->out, mark);
}

static void name(struct document *doc, const char *member)
{
    next(doc);
    mlg_put(doc->out, "\"");
    mlg_put(doc->out, member);
    mlg_put(doc->out, "\": ");
}

/* "##" may start a command of a pipeline's runner wherever it stands in a line, and results.json may be
 * printed: the second mark is written as its number. */
static void put_text(struct mlg_builder *out, const char *text)
{
    if (!text) {
        mlg_put(out, "null");
        return;
    }
    if (!strstr(text, "##")) {
        mlg_put_json(out, text);
        return;
    }
    struct mlg_builder quoted;
    mlg_builder_init(&quoted, 0);
    mlg_put_json(&quoted, text);
    out->failed = out->failed || quoted.failed;
    const char *plain = quoted.data;
    for (const char *c = plain; *c; c++)
        if (c[0] == '#' && c[1] == '#') {
            mlg_put_bytes(out, plain, (size_t)(c + 1 - plain));
            mlg_put(out, "\\u0023");
            plain = c + 2;
            c++;
        }
    mlg_put(out, plain);
    mlg_builder_free(&quoted);
}

static void put_real(struct mlg_builder *out, double value)
{
    if (isfinite(value))
        mlg_put_number(out, value == 0 ? 0 : value); /* -0 is read back as the integer 0 */
    else
        mlg_put(out, "null");
}

static void member_text(struct document *doc, const char *member, const char *text)
{
    name(doc, member);
    put_text(doc->out, text);
}

static void member_optional(struct document *doc, const char *member, struct mlg_optional number)
{
    name(doc, member);
    put_real(doc->out, number.known ? number.value : (double)NAN);
}

static void member_count(struct document *doc, const char *member, uint64_t count)
{
    name(doc, member);
    /* larger ones could not be read back */
    mlg_put_format(doc->out, "%llu", (unsigned long long)(count > INT64_MAX ? INT64_MAX : count));
}

static void member_bool(struct document *doc, const char *member, bool value)
{
    name(doc, member);
    mlg_put(doc->out, value ? "true" : "false");
}

static void put_pairs(struct mlg_builder *out, const struct mlg_pair *pairs, size_t count)
{
    char buffer[24];
    mlg_put(out, "{");
    for (size_t i = 0; i < count; i++) {
        mlg_put(out, i ? ", " : "");
        put_text(out, mlg_argument_key(&pairs[i], i, buffer));
        mlg_put(out, ": ");
        put_text(out, pairs[i].value);
    }
    mlg_put(out, "}");
}

static void member_pairs(struct document *doc, const char *member, const struct mlg_pair *pairs, size_t count)
{
    name(doc, member);
    put_pairs(doc->out, pairs, count);
}

static void member_texts(struct document *doc, const char *member, const char *const *texts, size_t count)
{
    name(doc, member);
    open(doc, "[");
    for (size_t i = 0; i < count; i++) {
        next(doc);
        put_text(doc->out, texts[i]);
    }
    close(doc, "]");
}

static void put_inline_optional(struct mlg_builder *out, const char *member, struct mlg_optional number)
{
    mlg_put_format(out, ", \"%s\": ", member);
    put_real(out, number.known ? number.value : (double)NAN);
}

static void member_groups(struct document *doc, const char *member, const struct mlg_group_result *groups,
                          size_t count)
{
    name(doc, member);
    open(doc, "[");
    for (size_t i = 0; i < count; i++) {
        const struct mlg_group_result *group = &groups[i];
        next(doc);
        mlg_put(doc->out, "{\"group\": ");
        put_pairs(doc->out, group->group, group->group_count);
        mlg_put_format(doc->out, ", \"n\": %llu",
                       (unsigned long long)(group->n > INT64_MAX ? INT64_MAX : group->n));
        put_inline_optional(doc->out, "estimate", group->estimate);
        put_inline_optional(doc->out, "lower", group->lower);
        put_inline_optional(doc->out, "upper", group->upper);
        put_inline_optional(doc->out, "count", group->count);
        put_inline_optional(doc->out, "of", group->of);
        put_inline_optional(doc->out, "positives", group->positives);
        put_inline_optional(doc->out, "disparity", group->disparity);
        mlg_put(doc->out, ", \"note\": ");
        put_text(doc->out, group->note);
        mlg_put(doc->out, "}");
    }
    close(doc, "]");
}

static void member_waiver(struct document *doc, const struct mlg_check_result *check)
{
    name(doc, "waiver");
    if (check->verdict != MLG_WAIVED) {
        mlg_put(doc->out, "null");
        return;
    }
    open(doc, "{");
    member_text(doc, "reason", check->waiver_reason);
    member_text(doc, "owner", check->waiver_owner);
    member_text(doc, "expires", check->waiver_expires);
    member_text(doc, "underlying", mlg_verdicts[check->underlying].word);
    close(doc, "}");
}

static void put_check(struct document *doc, const struct mlg_check_result *check, bool is_reported)
{
    struct mlg_optional confidence = {check->confidence > 0, check->confidence};
    next(doc);
    open(doc, "{");
    member_text(doc, "id", check->id);
    member_text(doc, "check", check->check);
    member_text(doc, "quantity", check->quantity);
    member_pairs(doc, "arguments", check->arguments, check->argument_count);
    member_text(doc, "average", check->average);
    member_pairs(doc, "slice", check->slice, check->slice_count);
    member_text(doc, "comparator", check->comparator);
    member_optional(doc, "limit", check->limit);
    member_optional(doc, "estimate", check->estimate);
    member_optional(doc, "lower", check->lower);
    member_optional(doc, "upper", check->upper);
    member_optional(doc, "confidence", confidence);
    member_text(doc, "method", check->method);
    member_count(doc, "n", check->n);
    member_count(doc, "rows", check->rows);
    if (check->counted)
        member_text(doc, "counted", check->counted);
    member_optional(doc, "rows_needed", check->rows_needed);
    if (check->group_count) {
        member_text(doc, "group_quantity", check->group_quantity);
        member_text(doc, "group_against", check->group_against);
    }
    member_groups(doc, "groups", check->groups, check->group_count);
    if (check->other_group_count) {
        member_text(doc, "other_group_quantity", check->other_group_quantity);
        member_text(doc, "other_group_against", check->other_group_against);
        member_groups(doc, "other_groups", check->other_groups, check->other_group_count);
    }
    /* What is only reported has no verdict: it passes nothing. */
    member_text(doc, "verdict", is_reported ? NULL : mlg_verdicts[check->verdict].word);
    member_bool(doc, "enforce", check->enforce);
    if (check->warns_only && !is_reported)
        member_text(doc, "on_inconclusive", "warn");
    member_text(doc, "reason", check->reason && check->reason[0] ? check->reason : NULL);
    member_text(doc, "decided_by", check->decided_by);
    member_bool(doc, "blocks", !is_reported && mlg_check_blocks(check));
    member_text(doc, "because", check->because);
    member_optional(doc, "constant_score", check->constant);
    if (check->part_count) {
        name(doc, "parts");
        mlg_put(doc->out, "{");
        for (size_t i = 0; i < check->part_count; i++) {
            mlg_put(doc->out, i ? ", " : "");
            put_text(doc->out, check->parts[i].name);
            mlg_put(doc->out, ": ");
            put_real(doc->out, check->parts[i].value.known ? check->parts[i].value.value : (double)NAN);
        }
        mlg_put(doc->out, "}");
    }
    if (check->offender_count) {
        member_texts(doc, "offenders", check->offenders, check->offender_count);
        member_optional(doc, "offenders_of", check->offenders_of);
    }
    if (check->differing_count) {
        member_texts(doc, "differing", check->differing, check->differing_count);
        member_optional(doc, "differing_of", check->differing_of);
    }
    if (check->advice)
        member_text(doc, "advice", check->advice);
    member_bool(doc, "limit_is_vacuous", check->limit_is_vacuous);
    member_bool(doc, "limit_never_fails", check->limit_never_fails);
    member_texts(doc, "notes", check->notes, check->note_count);
    member_waiver(doc, check);
    member_text(doc, "file", check->file);
    member_count(doc, "line", check->line);
    close(doc, "}");
}

static void put_noise_floor(struct document *doc, const struct mlg_gate_result *gate)
{
    name(doc, "noise_floor");
    open(doc, "[");
    for (size_t i = 0; i < gate->noise_floor_count; i++) {
        const struct mlg_noise_floor *floor = &gate->noise_floor[i];
        next(doc);
        open(doc, "{");
        member_text(doc, "metric", floor->metric);
        member_pairs(doc, "arguments", floor->arguments, floor->argument_count);
        member_text(doc, "file", floor->file);
        member_text(doc, "column", floor->column);
        member_text(doc, "group", floor->group);
        member_text(doc, "over", floor->over);
        member_count(doc, "runs", floor->runs);
        member_optional(doc, "mean", (struct mlg_optional){true, floor->mean});
        member_optional(doc, "sd", (struct mlg_optional){true, floor->sd});
        member_optional(doc, "spread", (struct mlg_optional){true, floor->spread});
        member_count(doc, "rows", floor->rows);
        member_optional(doc, "sampling_error", floor->sampling_error);
        close(doc, "}");
    }
    close(doc, "]");
}

static void put_gate(struct document *doc, const struct mlg_gate_result *gate)
{
    next(doc);
    open(doc, "{");
    member_text(doc, "gate", gate->gate);
    member_text(doc, "name", gate->name);
    member_text(doc, "data", gate->data);
    member_text(doc, "verdict", mlg_verdicts[gate->verdict].word);
    name(doc, "checks");
    open(doc, "[");
    for (size_t i = 0; i < gate->check_count; i++)
        put_check(doc, &gate->checks[i], false);
    close(doc, "]");
    name(doc, "reported");
    open(doc, "[");
    for (size_t i = 0; i < gate->reported_count; i++)
        put_check(doc, &gate->reported[i], true);
    close(doc, "]");
    if (gate->noise_floor_count)
        put_noise_floor(doc, gate);
    if (gate->isolation)
        member_text(doc, "isolation", gate->isolation);
    member_text(doc, "title", gate->title);
    member_text(doc, "error", gate->error);
    if (gate->printed_count)
        member_texts(doc, "printed", gate->printed, gate->printed_count);
    member_text(doc, "file", gate->file);
    member_count(doc, "line", gate->line);
    close(doc, "}");
}

/* The time of gates that run commands: the others share one pass over the data. */
static void put_gate_seconds(struct document *doc, const struct mlg_results *results)
{
    size_t count = 0;
    for (size_t i = 0; i < results->gate_count; i++) {
        const struct mlg_gate_result *gate = &results->gates[i];
        if (!(isfinite(gate->seconds) && gate->seconds > 0))
            continue;
        if (count++ == 0) {
            name(doc, "gate_seconds");
            open(doc, "{");
        }
        name(doc, gate->name ? gate->name : "");
        put_real(doc->out, gate->seconds);
    }
    if (count)
        close(doc, "}");
}

void mlg_results_write(const struct mlg_results *results, struct mlg_builder *out)
{
    struct document doc = {.out = out};
    open(&doc, "{");
    member_text(&doc, "schema", MLG_RESULTS_SCHEMA);
    member_text(&doc, "version", results->version);
    member_text(&doc, "verdict", mlg_verdicts[results->verdict].word);
    name(&doc, "exit_code");
    mlg_put_format(out, "%d", results->exit_code);
    name(&doc, "counts");
    mlg_put(out, "{");
    for (size_t i = 0; i < MLG_VERDICT_COUNT; i++)
        mlg_put_format(out, "%s\"%s\": %llu", i ? ", " : "", mlg_verdicts[i].word,
                       (unsigned long long)results->counts[i]);
    mlg_put(out, "}");
    name(&doc, "config");
    open(&doc, "{");
    member_text(&doc, "path", results->config_path);
    member_text(&doc, "sha256", results->config_sha256);
    close(&doc, "}");
    if (results->family)
        member_text(&doc, "family", results->family);
    name(&doc, "outside");
    open(&doc, "[");
    for (size_t i = 0; i < results->outside_count; i++) {
        next(&doc);
        mlg_put(out, "{\"name\": ");
        put_text(out, results->outside[i].key);
        mlg_put(out, ", \"value\": ");
        put_text(out, results->outside[i].value);
        mlg_put(out, "}");
    }
    close(&doc, "]");
    name(&doc, "inputs");
    open(&doc, "[");
    for (size_t i = 0; i < results->input_count; i++) {
        const struct mlg_input_result *input = &results->inputs[i];
        next(&doc);
        open(&doc, "{");
        member_text(&doc, "name", input->name);
        member_text(&doc, "path", input->path);
        member_text(&doc, "sha256", input->sha256);
        member_count(&doc, "rows", input->rows);
        member_count(&doc, "dropped", input->dropped);
        if (input->unmatched > 0)
            member_count(&doc, "unmatched", input->unmatched);
        member_count(&doc, "bytes", input->bytes);
        member_text(&doc, "format", input->format);
        member_text(&doc, "positive", input->positive);
        close(&doc, "}");
    }
    close(&doc, "]");
    name(&doc, "gates");
    open(&doc, "[");
    for (size_t i = 0; i < results->gate_count; i++)
        put_gate(&doc, &results->gates[i]);
    close(&doc, "]");
    member_texts(&doc, "left_out", results->left_out, results->left_out_count);
    name(&doc, "run");
    open(&doc, "{");
    member_text(&doc, "started", results->run.started);
    name(&doc, "seconds");
    put_real(out, isfinite(results->run.seconds) ? results->run.seconds : 0);
    member_count(&doc, "threads", results->run.threads);
    member_text(&doc, "host", results->run.host);
    member_text(&doc, "command", results->run.command);
    if (results->run.cached)
        member_text(&doc, "cached", results->run.cached);
    put_gate_seconds(&doc, results);
    close(&doc, "}");
    member_count(&doc, "not_enforced", results->not_enforced);
    name(&doc, "seed");
    mlg_put_format(out, "%lld", (long long)results->seed);
    member_texts(&doc, "warnings", results->warnings, results->warning_count);
    member_texts(&doc, "errors", results->errors, results->error_count);
    close(&doc, "}");
    mlg_put(out, "\n");
}
