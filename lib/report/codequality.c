/* codequality: what did not pass, in the format of Code Climate as GitLab reads it: one array, every
 * fingerprint once, paths that begin at the root of the repository. */
#include <string.h>

#include "findings.h"
#include "parts.h"

extern const struct mlg_report mlg_report_codequality;

enum { SHOWN = 5000 };

static void put_member(struct mlg_builder *out, const char *name, const char *value)
{
    mlg_put_format(out, "    \"%s\": ", name);
    mlg_put_json(out, value);
    mlg_put(out, ",\n");
}

static void put_finding(struct mlg_builder *out, const struct mlg_finding *finding, const char *fallback)
{
    mlg_put(out, "  {\n");
    put_member(out, "description", finding->message);
    put_member(out, "check_name", finding->rule);
    put_member(out, "fingerprint", finding->fingerprint);
    put_member(out, "severity", finding->quality);
    mlg_put(out, "    \"location\": {\"path\": ");
    mlg_put_json(out, finding->file ? finding->file : fallback);
    mlg_put_format(out, ", \"lines\": {\"begin\": %lu}}\n  }",
                   finding->file && finding->line ? finding->line : 1UL);
}

static void write_codequality(const struct mlg_results *results, const struct mlg_report_options *options,
                              struct mlg_builder *out)
{
    struct mlg_findings findings;
    mlg_findings_init(&findings, results, options);
    const char *fallback = mlg_findings_fallback(results, options, &findings.arena);
    mlg_put(out, "[");
    for (size_t i = 0; i < findings.count && i < SHOWN; i++) {
        mlg_put(out, i ? ",\n" : "\n");
        put_finding(out, &findings.items[i], fallback);
    }
    if (findings.count > SHOWN) {
        struct mlg_builder text;
        mlg_builder_init(&text, 0);
        mlg_put(&text, "and ");
        mlg_put_count(&text, findings.count - SHOWN);
        mlg_put(&text, " more findings; results.json has all");
        struct mlg_finding rest = {.rule = "rest", .quality = "info", .fingerprint = "rest"};
        rest.message = text.failed ? "" : text.data;
        mlg_put(out, ",\n");
        put_finding(out, &rest, fallback);
        mlg_builder_free(&text);
    }
    mlg_put(out, findings.count ? "\n]\n" : "]\n");
    out->failed = out->failed || findings.failed;
    mlg_findings_free(&findings);
}

const struct mlg_report mlg_report_codequality = {
    .name = "codequality",
    .about = "what did not pass, for GitLab's code quality: the widget and the marks in a merge request",
    .write = write_codequality,
};
