/* repro: quantities of what a command writes when it is run again.
 *
 * The table (repros.def) is the repro gate's catalogue; what a row compares of two runs, its kernel says.
 *
 * Always true: a quantity of two runs is the worst over all, each against the first of its seed (and the
 * first against the artefact that `against` names); a spread is of one run of each seed, or of all runs; what
 * numbers cannot tell of (another shape, a text that changed, opaque bytes) is undefined with a reason, never
 * 0.
 */
#ifndef MLGATE_REPRO_H
#define MLGATE_REPRO_H

#include "mlgate/compare.h"
#include "mlgate/metric.h"

enum mlg_repro_kind {
    MLG_REPRO_PREDICATE, /* yes or no, written without a limit */
    MLG_REPRO_DISTANCE,  /* exact */
    MLG_REPRO_SHARE,     /* of rows: a proportion */
    MLG_REPRO_COUNT,     /* of runs */
    MLG_REPRO_SPREAD,    /* of METRIC over runs or seeds, exact */
    MLG_REPRO_VERDICTS   /* of the suite's other gates: a predicate */
};

/* Two runs' copies of one output. */
struct mlg_repro_pair {
    bool same_bytes;
    const struct mlg_comparison *comparison; /* with the same bytes of one with itself, NULL: it is too large
                                                to be looked into; NULL: no check asks for it */
    const struct mlg_flips *flips;           /* NULL: no check asks for it */
};

struct mlg_repro_kernel {
    enum mlg_repro_kind kind;
    bool needs_comparison, needs_flips;
    /* The value of one pair (a predicate: 1 holds, 0 does not); NaN: undefined, as *why says. NULL: it is not
     * one of two files. */
    double (*value)(const struct mlg_repro_pair *pair, const char **why);
};

extern const struct mlg_metric *const mlg_repros[];
extern const struct mlg_param mlg_repro_params[];
const struct mlg_metric *mlg_repro_find(const char *name);
/* Errors as mlg_call_resolve. Of a spread `inner` is METRIC with its arguments. */
int mlg_repro_resolve(const struct mlg_check *check, struct mlg_arena *arena, struct mlg_call *call,
                      struct mlg_error *error);
const struct mlg_repro_kernel *mlg_repro_kernel_of(const struct mlg_call *call);

#endif
