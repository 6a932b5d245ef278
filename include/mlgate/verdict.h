/* verdict: an estimate against a limit, exactly and explainably.
 *
 * Always true: "could not measure" is never a pass; one table (mlg_verdicts) maps a verdict to its word,
 * exit code, JUnit element, symbol and severity, and every report reads it.
 */
#ifndef MLGATE_VERDICT_H
#define MLGATE_VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/check.h"
#include "mlgate/interval.h"
#include "mlgate/metric.h"
#include "mlgate/suite.h"

enum mlg_verdict {
    MLG_PASS,
    MLG_FAIL,
    MLG_INCONCLUSIVE,
    MLG_VERDICT_ERROR,
    MLG_WAIVED,
    MLG_NOT_APPLICABLE,
    MLG_VERDICT_COUNT
};

enum { MLG_EXIT_PASS = 0, MLG_EXIT_FAIL = 1, MLG_EXIT_INCONCLUSIVE = 2, MLG_EXIT_ERROR = 3 };

struct mlg_verdict_row {
    const char *word;       /* "pass", ... as in results.json */
    const char *symbol;     /* console: "pass", "FAIL", "????", "ERR!", "waiv", "n/a " */
    int exit_code;          /* when it counts and blocks */
    int rank;               /* of two, the suite takes the greater: error 3 > ... see mlg_verdict_worst */
    const char *junit;      /* "failure", "error", "skipped", NULL for none; blocking */
    const char *junit_type; /* "mlgate.threshold", ... */
    const char *mark;       /* Markdown, beside the word and never alone */
    const char *sarif_kind; /* "fail", "pass", "open", "notApplicable" */
    /* How grave it is, [1] where it keeps the suite from passing, [0] where it does not: "error", "warning",
     * "note", "none" as in SARIF, and GitLab's words for the quality of code; NULL: no finding. */
    const char *severity[2], *quality[2];
};
extern const struct mlg_verdict_row mlg_verdicts[MLG_VERDICT_COUNT];
/* -1: no such word. */
int mlg_verdict_find(const char *word);
/* The suite's order: fail, then error, then inconclusive, then pass (design: 1 before 3 before 2 before
 * 0); waived and not_applicable count as pass; `blocking` false counts as pass too. */
enum mlg_verdict mlg_verdict_worst(enum mlg_verdict a, enum mlg_verdict b);

enum mlg_limit_kind {
    MLG_LIMIT_FAIR,
    MLG_LIMIT_IMPOSSIBLE, /* can never hold: accuracy >= 1.2 */
    MLG_LIMIT_NEVER_FAILS /* can never fail: recall >= 0 */
};
enum mlg_limit_kind mlg_limit_judge(enum mlg_comparator comparator, const struct mlg_decimal *limit,
                                    double minimum, double maximum);

/* The method that `interval:` of the settings names, MLG_METHOD_COUNT for auto. */
int mlg_settings_method(const struct mlg_settings *settings);
/* What `interval:` may be where `takes` accepts the method: "auto, wilson or jeffreys". */
const char *mlg_settings_methods(bool (*takes)(const void *context, int method), const void *context,
                                 struct mlg_arena *arena);

struct mlg_judgement {
    enum mlg_verdict verdict;
    struct mlg_bounds bounds;
    const char *decided_by;       /* "interval", "point", "exact" */
    uint64_t rows_needed;         /* 0: not applicable or unknown */
    double fail_probability;      /* the smallest alpha at which it would fail; in a family */
    char reason[MLG_REASON_SIZE]; /* "" for a pass; "the whole interval is above the limit" */
};

/* Judges evidence against limit under the settings; never returns a verdict other than pass, fail,
 * inconclusive, error. Undefined evidence is an error in the accuracy gate's terms: could not measure. */
void mlg_judge(const struct mlg_evidence *evidence, enum mlg_comparator comparator,
               const struct mlg_decimal *limit, const struct mlg_settings *settings,
               struct mlg_judgement *judgement);

/* Does value (as a ratio of counts where it is one) meet the limit? Exact. */
bool mlg_meets(const struct mlg_evidence *evidence, enum mlg_comparator comparator,
               const struct mlg_decimal *limit);

#endif
