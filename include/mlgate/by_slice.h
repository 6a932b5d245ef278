/* by_slice: the checks of a gate on all rows and on every slice, as most gates judge them.
 *
 * Always true: a check has one result for every slice that its `on` names, in the order all rows, then the
 * entries of `slices`; slices are judged on several threads, and the results do not depend on how many; a
 * slice without rows, or that lost too many, is an error of its checks without asking the gate.
 */
#ifndef MLGATE_BY_SLICE_H
#define MLGATE_BY_SLICE_H

#include "mlgate/run.h"

struct mlg_by_slice {
    struct mlg_gate_run *run;
    const struct mlg_scan *scan;
    const size_t *slicings; /* of the scan: all rows, then the entries of `slices` */
    size_t slicing_count;
    const struct mlg_scan *baseline; /* for the views; may be NULL */
    /* Another scan, whose slices with the same values are judged along; NULL: there is none. */
    const struct mlg_scan *other;
    const size_t *other_slicings;
    const bool *whole; /* [check]: it runs on all rows alone; NULL: none does */
    void *context;
    /* Why the check cannot be judged on any slice, in the run's arena; NULL: it can. */
    const char *(*refuses)(void *context, size_t check);
    /* Fills the result of one check on one slice. `other` is NULL where the other scan has no such slice.
     * What the result points to may stand in `keep`, which lives as long as the slice is judged and is copied
     * from then. */
    int (*judge)(void *context, size_t check, struct mlg_view *view, struct mlg_view *other,
                 struct mlg_arena *keep, struct mlg_check_result *result, struct mlg_error *error);
};

/* Asks the plan of a source for all rows and the gate's slices: `count` indices, in the run's arena. */
int mlg_plan_slices(struct mlg_gate_run *run, struct mlg_plan *plan, size_t **slicings, size_t *count,
                    struct mlg_error *error);
/* Fills checks, reported and, where a declared slice is reached by no check, error. `every`: why all checks
 * with a limit are errors, whatever they found; NULL: they are not. */
int mlg_judge_by_slice(const struct mlg_by_slice *by, const char *every, struct mlg_gate_result *result,
                       struct mlg_error *error);

#endif
