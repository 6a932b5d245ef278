/* github: what did not pass, as workflow commands: annotations at the lines of the configuration.
 *
 * GitHub shows ten annotations of each level for a step. Of more than nine the tenth says how many there are.
 */
#include <string.h>

#include "findings.h"
#include "parts.h"

extern const struct mlg_report mlg_report_github;

enum { SHOWN = 9 };

/* https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts: the mark of an escape first. */
static void put_escaped(struct mlg_builder *out, const char *text, bool is_property)
{
    for (const char *c = text; *c; c++)
        if (*c == '%' || *c == '\r' || *c == '\n' || (is_property && (*c == ':' || *c == ',')))
            mlg_put_format(out, "%%%02X", (unsigned)(unsigned char)*c);
        else
            mlg_put_bytes(out, c, 1);
}

static void put_finding(struct mlg_builder *out, const char *command, const struct mlg_finding *finding)
{
    mlg_put_format(out, "::%s title=", command);
    put_escaped(out, finding->title, true);
    if (finding->file) {
        mlg_put(out, ",file=");
        put_escaped(out, finding->file, true);
        if (finding->line)
            mlg_put_format(out, ",line=%lu", finding->line);
        if (finding->line && finding->column)
            mlg_put_format(out, ",col=%lu", finding->column);
    }
    mlg_put(out, "::");
    put_escaped(out, finding->message, false);
    mlg_put(out, "\n");
}

static void put_level(struct mlg_builder *out, const struct mlg_findings *findings, const char *severity,
                      const char *command)
{
    size_t count = 0;
    for (size_t i = 0; i < findings->count; i++) {
        if (strcmp(findings->items[i].severity, severity) != 0)
            continue;
        if (count++ < SHOWN)
            put_finding(out, command, &findings->items[i]);
    }
    if (count > SHOWN) {
        mlg_put_format(out, "::%s title=mlgate::and ", command);
        mlg_put_count(out, count - SHOWN);
        mlg_put(out, " more; the summary and results.json have all\n");
    }
}

static void write_github(const struct mlg_results *results, const struct mlg_report_options *options,
                         struct mlg_builder *out)
{
    struct mlg_findings findings;
    mlg_findings_init(&findings, results, options);
    put_level(out, &findings, "error", "error");
    put_level(out, &findings, "warning", "warning");
    put_level(out, &findings, "note", "notice");
    out->failed = out->failed || findings.failed;
    mlg_findings_free(&findings);
}

const struct mlg_report mlg_report_github = {
    .name = "github",
    .about = "annotations of GitHub Actions at the lines of the configuration, as workflow commands",
    .write = write_github,
};
