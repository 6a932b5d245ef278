/* family: what the metric families share. Private to lib/stats.
 *
 * Where a metric is asked for influence (clusters, paired differences) it computes from the kept rows alone,
 * so that a baseline, whose accumulators and slices are its own, is measured on exactly the rows of the
 * candidate's slice. */
#ifndef MLGATE_STATS_FAMILY_H
#define MLGATE_STATS_FAMILY_H

#include "mlgate/metric.h"

/* The evidence as it stands before anything is known but the metric: range, method, infinite degrees. */
void mlg_family_begin(const struct mlg_call *call, struct mlg_evidence *evidence);

/* Adds a remark for the reader; of several the first stay. */
void mlg_family_note(struct mlg_evidence *evidence, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The arguments of an area under the ROC curve: of `average`, what has a meaning there. */
extern const struct mlg_param mlg_family_area_params[];

/* One term, without products: 1 where the label is the positive class. */
extern const struct mlg_terms mlg_family_positive;

/* Undefined where the positive class is not known. */
bool mlg_family_positive_known(const struct mlg_view *view, struct mlg_evidence *evidence);

/* The value that would stand at `place` (below `count`) if the values were sorted; they change places. */
double mlg_family_select(double *values, size_t count, size_t place);

/* ---- kept rows ---------------------------------------------------------------------------------- */

/* Weight of a kept row; 1 where there are none. */
double mlg_family_weight(const struct mlg_rows *rows, size_t row);

/* Hands the kept rows of the view's slice to `visit`, some hundred at a time and side by side; `first` is the
 * place of the block's first row among them. Only what metrics of this kind read is copied: positive,
 * score_of_label, scores, numbers, weight. */
int mlg_family_blocks(struct mlg_view *view,
                      int (*visit)(void *context, const struct mlg_rows *rows, size_t first,
                                   struct mlg_error *error),
                      void *context, struct mlg_error *error);

/* label x prediction counted over the kept rows of the view's slice. */
int mlg_family_tally(struct mlg_view *view, struct mlg_tally *tally, struct mlg_error *error);

/* ---- bounds where a variance of 0 says nothing --------------------------------------------------- */

/* A value that is `offset` + sum of share * rate, each rate a proportion seen on `size` effective rows: its
 * bounds are the sum of the Wilson bounds of the rates. Conservative for more than one part. */
struct mlg_family_part {
    double share, rate, size;
};

/* Turns the evidence (its value, range and n stand) into bounds by Wilson's score on the parts; `other`
 * (may be NULL) is evidence with bounds of its own: the wider of both is told then. */
int mlg_family_wilson(struct mlg_evidence *evidence, const struct mlg_family_part *parts, size_t count,
                      const struct mlg_evidence *other, struct mlg_arena *arena, struct mlg_error *error);

#endif
