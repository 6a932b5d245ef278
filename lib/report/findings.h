/* findings: what did not pass, each with its place, for the reports that point at lines of files. Private to
 * lib/report.
 *
 * Always true: texts are one line, safe to print and cut at a stated length, so that a report has its own
 * language's escapes left to make; no two fingerprints are the same, and one does not depend on limits, lines
 * or numbers that are measured. What blocks comes first.
 */
#ifndef MLGATE_REPORT_FINDINGS_H
#define MLGATE_REPORT_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "mlgate/report.h"

struct mlg_finding {
    const struct mlg_gate_result *gate;   /* NULL: of the suite */
    const struct mlg_check_result *check; /* NULL: of the gate or the suite as a whole */
    const char *rule;                     /* "accuracy/roc_auc", "accuracy", "suite", "warning" */
    const char *title;                    /* "accuracy: roc_auc >= 0.68 / sex=Male" */
    const char *message;                  /* "FAIL: roc_auc >= 0.68, sex=Male: 0.667 ..." */
    const char *severity, *quality;       /* see mlg_verdict_row */
    const char *file;                     /* seen from the root of the repository; NULL: nothing is known */
    unsigned long line, column;           /* 0: not known */
    char fingerprint[33];
    int order;
};

struct mlg_findings {
    struct mlg_arena arena;
    struct mlg_finding *items;
    size_t count;
    bool failed; /* no memory */
};

void mlg_findings_init(struct mlg_findings *findings, const struct mlg_results *results,
                       const struct mlg_report_options *options);
void mlg_findings_free(struct mlg_findings *findings);

/* A file as the repository names it, in the arena; NULL: it is none, or no memory. */
const char *mlg_findings_place(const char *path, const struct mlg_report_options *options,
                               struct mlg_arena *arena);
/* Where nothing names a file, one that a reader who wants one can be given: the configuration, data. */
const char *mlg_findings_fallback(const struct mlg_results *results, const struct mlg_report_options *options,
                                  struct mlg_arena *arena);

#endif
