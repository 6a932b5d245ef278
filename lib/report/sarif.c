/* sarif: what did not pass, as SARIF 2.1.0 that GitHub's code scanning takes.
 *
 * What passed is no result: GitHub makes an alert of every one. A waived check is one that is suppressed.
 * What the data cannot tell has the kind "open", which SARIF allows no level beside; GitHub takes that of its
 * rule.
 */
#include <string.h>

#include "findings.h"
#include "parts.h"

extern const struct mlg_report mlg_report_sarif;

enum { SHOWN = 5000 }; /* GitHub takes 25,000 and shows 5,000 */

struct rule {
    const struct mlg_finding *first; /* it says what the rule is of */
    bool is_open;                    /* a result without a level takes that of the rule */
};

struct sarif {
    const struct mlg_findings *findings;
    const char *fallback;
    struct rule *rules;
    size_t *rule_of; /* of each finding */
    size_t rule_count, count;
    struct mlg_builder *out;
};

static bool is_open(const struct mlg_finding *finding)
{
    return finding->check && finding->check->verdict == MLG_INCONCLUSIVE;
}

static bool gather_rules(struct sarif *sarif, struct mlg_arena *arena)
{
    struct mlg_index index;
    sarif->rules = MLG_NEW_ARRAY(arena, struct rule, sarif->count + 1);
    sarif->rule_of = MLG_NEW_ARRAY(arena, size_t, sarif->count + 1);
    if (!sarif->rules || !sarif->rule_of || !mlg_index_init(&index, sarif->count, arena))
        return false;
    for (size_t i = 0; i < sarif->count; i++) {
        const struct mlg_finding *finding = &sarif->findings->items[i];
        bool made;
        struct mlg_index_slot *slot = mlg_index_get(&index, finding->rule, sarif->rule_count, &made);
        if (!slot)
            return false;
        if (made)
            sarif->rules[sarif->rule_count++] = (struct rule){.first = finding};
        sarif->rule_of[i] = slot->value;
        sarif->rules[slot->value].is_open |= is_open(finding);
    }
    return true;
}

/* "churn model/mlgate.yaml" as a relative URI. */
static void put_uri(struct mlg_builder *out, const char *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
    for (const char *c = path; *c; c++)
        if (strchr(plain, *c))
            mlg_put_bytes(out, c, 1);
        else
            mlg_put_format(out, "%%%02X", (unsigned)(unsigned char)*c);
}

static void put_text(struct mlg_builder *out, const char *indent, const char *name, const char *text,
                     const char *end)
{
    mlg_put_format(out, "%s\"%s\": {\"text\": ", indent, name);
    mlg_put_json(out, text);
    mlg_put(out, "}");
    mlg_put(out, end);
}

/* Sentences on what a rule is: a quantity of a gate, or the gate or the suite as a whole. */
static void put_rule_texts(struct mlg_builder *out, const struct mlg_finding *finding)
{
    static const char indent[] = "              ";
    struct mlg_builder text, help;
    mlg_builder_init(&text, 0);
    mlg_builder_init(&help, 0);
    if (finding->check) {
        mlg_put(&text, "A limit on ");
        mlg_put(&text, finding->check->quantity ? finding->check->quantity : "a quantity");
        mlg_put(&text, " does not hold, or cannot be shown to hold.");
        mlg_put(&help, "The quantity is measured on held-out data and its one-sided confidence bounds are "
                       "compared with the limit of mlgate.yaml. 'mlgate explain ");
        mlg_put(&help, finding->check->quantity ? finding->check->quantity : "NAME");
        mlg_put(&help, "' tells how it is defined and bounded; the message tells value, bounds and what "
                       "would change the verdict.");
    } else if (finding->gate) {
        mlg_put(&text, "A gate could not be judged.");
        mlg_put(&help, "What could not be measured is no pass: the message says what is missing.");
    } else if (strcmp(finding->rule, "warning") == 0) {
        mlg_put(&text, "Something in the configuration or the data deserves a look.");
        mlg_put(&help, "A warning blocks nothing: the message says what it is about.");
    } else {
        mlg_put(&text, "The suite could not be judged as it should.");
        mlg_put(&help, "'mlgate check' judges mlgate.yaml without data and names what it would accept.");
    }
    struct mlg_builder safe;
    mlg_builder_init(&safe, 0);
    mlg_put_plain(&safe, text.data);
    put_text(out, indent, "shortDescription", safe.data, ",\n");
    put_text(out, indent, "fullDescription", safe.data, ",\n");
    safe.size = 0;
    mlg_put_plain(&safe, help.data);
    put_text(out, indent, "help", safe.data, ",\n");
    out->failed = out->failed || text.failed || help.failed || safe.failed;
    mlg_builder_free(&text);
    mlg_builder_free(&help);
    mlg_builder_free(&safe);
}

/* "AccuracyRocAuc": a name in the form that viewers of SARIF expect. */
static void put_name(struct mlg_builder *out, const char *rule)
{
    bool is_start = true;
    mlg_put(out, "\"");
    for (const char *c = rule; *c; c++) {
        const bool is_letter = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z');
        const char letter = is_start && *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
        if (is_letter || (*c >= '0' && *c <= '9'))
            mlg_put_bytes(out, &letter, 1);
        is_start = !is_letter;
    }
    mlg_put(out, "Rule\"");
}

static void put_rule(struct mlg_builder *out, const struct rule *rule)
{
    mlg_put(out, "            {\n              \"id\": ");
    mlg_put_json(out, rule->first->rule);
    mlg_put(out, ",\n              \"name\": ");
    put_name(out, rule->first->rule);
    mlg_put(out, ",\n");
    put_rule_texts(out, rule->first);
    mlg_put_format(out,
                   "              \"defaultConfiguration\": {\"level\": \"%s\"},\n"
                   "              \"properties\": {\"tags\": [\"machine-learning\"]}\n            }",
                   rule->is_open ? mlg_verdicts[MLG_INCONCLUSIVE].severity[1] : rule->first->severity);
}

static void put_number(struct mlg_builder *out, const char *name, struct mlg_optional number)
{
    if (!mlg_is_known(number))
        return;
    mlg_put_format(out, ", \"%s\": ", name);
    mlg_put_number(out, number.value);
}

static void put_result(const struct sarif *sarif, size_t index)
{
    struct mlg_builder *out = sarif->out;
    const struct mlg_finding *finding = &sarif->findings->items[index];
    const struct mlg_check_result *check = finding->check;
    mlg_put(out, "        {\n          \"ruleId\": ");
    mlg_put_json(out, finding->rule);
    mlg_put_format(out, ",\n          \"ruleIndex\": %zu,\n", sarif->rule_of[index]);
    mlg_put_format(out, "          \"kind\": \"%s\",\n",
                   mlg_verdicts[check ? check->verdict : MLG_VERDICT_ERROR].sarif_kind);
    if (!is_open(finding))
        mlg_put_format(out, "          \"level\": \"%s\",\n", finding->severity);
    put_text(out, "          ", "message", finding->message, ",\n");
    mlg_put(out, "          \"locations\": [{\"physicalLocation\": {\"artifactLocation\": {\"uri\": \"");
    put_uri(out, finding->file ? finding->file : sarif->fallback);
    mlg_put(out, "\"");
    mlg_put_format(out, "}, \"region\": {\"startLine\": %lu",
                   finding->file && finding->line ? finding->line : 1UL);
    if (finding->file && finding->line && finding->column)
        mlg_put_format(out, ", \"startColumn\": %lu", finding->column);
    mlg_put(out, "}}}],\n");
    mlg_put_format(out, "          \"partialFingerprints\": {\"primaryLocationLineHash\": \"%s\"}",
                   finding->fingerprint);
    if (check && check->verdict == MLG_WAIVED) {
        struct mlg_builder reason;
        mlg_builder_init(&reason, 0);
        mlg_put_plain(&reason, check->waiver_reason ? check->waiver_reason : "waived");
        mlg_put(out, ",\n          \"suppressions\": [{\"kind\": \"external\", \"status\": \"accepted\", "
                     "\"justification\": ");
        mlg_put_json(out, reason.data ? reason.data : "");
        mlg_put(out, "}]");
        out->failed = out->failed || reason.failed;
        mlg_builder_free(&reason);
    }
    if (check) {
        mlg_put_format(out, ",\n          \"properties\": {\"verdict\": \"%s\", \"blocks\": %s",
                       mlg_verdicts[check->verdict].word, mlg_check_blocks(check) ? "true" : "false");
        put_number(out, "estimate", check->estimate);
        put_number(out, "lower", check->lower);
        put_number(out, "upper", check->upper);
        put_number(out, "limit", check->limit);
        mlg_put(out, "}");
    }
    mlg_put(out, "\n        }");
}

static void put_run(const struct sarif *sarif, const struct mlg_results *results)
{
    struct mlg_builder *out = sarif->out;
    mlg_put(out, "{\n  \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n"
                 "  \"version\": \"2.1.0\",\n  \"runs\": [\n    {\n      \"tool\": {\n"
                 "        \"driver\": {\n          \"name\": \"mlgate\",\n          \"version\": ");
    mlg_put_json(out, results->version ? results->version : "");
    mlg_put(out, ",\n          \"rules\": [");
    for (size_t i = 0; i < sarif->rule_count; i++) {
        mlg_put(out, i ? ",\n" : "\n");
        put_rule(out, &sarif->rules[i]);
    }
    mlg_put(out, sarif->rule_count ? "\n          ]" : "]");
    mlg_put_format(out,
                   "\n        }\n      },\n      \"columnKind\": \"utf16CodeUnits\",\n"
                   "      \"automationDetails\": {\"id\": \"mlgate/\"},\n"
                   "      \"invocations\": [{\"executionSuccessful\": %s, \"exitCode\": %d",
                   results->error_count ? "false" : "true", results->exit_code);
    if (sarif->findings->count > sarif->count)
        mlg_put_format(out,
                       ", \"toolExecutionNotifications\": [{\"level\": \"warning\", \"message\": {\"text\": "
                       "\"%zu more findings are left out; results.json has all\"}}]",
                       sarif->findings->count - sarif->count);
    mlg_put(out, "}],\n      \"results\": [");
    for (size_t i = 0; i < sarif->count; i++) {
        mlg_put(out, i ? ",\n" : "\n");
        put_result(sarif, i);
    }
    mlg_put(out, sarif->count ? "\n      ]" : "]");
    mlg_put(out, "\n    }\n  ]\n}\n");
}

static void write_sarif(const struct mlg_results *results, const struct mlg_report_options *options,
                        struct mlg_builder *out)
{
    struct mlg_findings findings;
    mlg_findings_init(&findings, results, options);
    struct sarif sarif = {.findings = &findings,
                          .fallback = mlg_findings_fallback(results, options, &findings.arena),
                          .count = findings.count < SHOWN ? findings.count : SHOWN,
                          .out = out};
    if (!findings.failed && gather_rules(&sarif, &findings.arena))
        put_run(&sarif, results);
    else
        out->failed = true;
    mlg_findings_free(&findings);
}

const struct mlg_report mlg_report_sarif = {
    .name = "sarif",
    .about = "SARIF 2.1.0 for code scanning: what did not pass, at the lines of the configuration",
    .write = write_sarif,
};
