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

/* Why nothing is known but the value, and what would help: a sentence's end for who wanted bounds. */
void mlg_family_bare(struct mlg_evidence *evidence, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds a remark for the reader; of several the first stay. */
void mlg_family_note(struct mlg_evidence *evidence, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Undefined: there are rows, and none of them counts. */
int mlg_family_weightless(struct mlg_evidence *evidence, uint64_t rows);

/* Where both values are ratios of counts, the value of `evidence` is their exact difference: 0.8 - 0.7 is
 * 0.1; else it stays. False: no memory. */
bool mlg_family_subtract(const struct mlg_evidence *ours, const struct mlg_evidence *theirs,
                         struct mlg_evidence *evidence, struct mlg_arena *arena);

/* The arguments of an area under the ROC curve: of `average`, what has a meaning there. */
extern const struct mlg_param mlg_family_area_params[];

/* One term, without products: 1 where the label is the positive class. */
extern const struct mlg_terms mlg_family_positive;
/* What terms are made of: |label - prediction|. */
size_t mlg_family_absolute_error(const struct mlg_rows *rows, const double parameters[4], double *const *out,
                                 const char **why);

/* Undefined where the positive class is not known. */
bool mlg_family_positive_known(const struct mlg_view *view, struct mlg_evidence *evidence);

/* The value that would stand at `place` (below `count`) if the values were sorted; they change places. */
double mlg_family_select(double *values, size_t count, size_t place);

/* What the sentences call the two of a pair. `careful`: Tango's score is set back by half a row, since it
 * moves in whole ones: docs/overfit-simulation.md. */
struct mlg_pair_names {
    const char *ours, *theirs;
    bool careful;
};
/* evaluate of a quantity delta(METRIC) against the view's baseline. */
int mlg_family_delta(const struct mlg_call *call, struct mlg_view *view, const struct mlg_pair_names *names,
                     struct mlg_evidence *evidence, double *influence, struct mlg_error *error);

/* Bounds by clusters in the place of those of rows: `influence` is that of each kept row of the view's slice
 * on the value of `evidence`, which stands. The plan kept the clusters. */
int mlg_family_clusters(struct mlg_view *view, const double *influence, size_t count,
                        struct mlg_evidence *evidence, struct mlg_error *error);

/* What has to be kept (enum mlg_keep) of what is read, so that a row's influence can be told. */
unsigned mlg_family_keep(unsigned reads);

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

/* ---- errors of uneven weights --------------------------------------------------------------------- */

/* A value that is a sum over rows (or clusters, or queries) of which each has its share of all weight.
 *
 * What heavy rows say of the spread they say alone: four that happen to agree seem to have none, whatever the
 * light ones say. So the variance as observed counts the less, the fewer carry it, and the larger of it and
 * the one from what all rows say counts instead. All is as it is without weights where the shares are equal.
 */
struct mlg_family_uneven {
    double shares2, shares4; /* sums of the second and of the fourth power of the shares */
    double observed;         /* sum of the squared influence */
    double even;             /* as it would be if all varied alike: see who fills it */
};

/* Kish's effective number: of equal rows, how many there are. */
double mlg_family_effective(const struct mlg_family_uneven *uneven);
/* How many degrees of freedom a variance has that is estimated from them. */
double mlg_family_degrees(const struct mlg_family_uneven *uneven);
/* The variance; false where one has most of the weight, so that nothing is known of the spread. */
bool mlg_family_variance(const struct mlg_family_uneven *uneven, double *variance);

/* ---- bounds of shares of counts ------------------------------------------------------------------ */

/* The errors of a share of counts are those of a proportion: skewed near 0 and 1, and not absent where none
 * was seen. So a variance, however it was found (delta method, linearised weights, sandwich over clusters),
 * is turned into the number of rows with which a plain proportion would have it, and the bounds are those
 * of that proportion.
 *
 * A part is one proportion `rate` seen on `size` effective rows, of which the value takes `share` (may be
 * negative): value = constant + sum of share * bent(rate), bent(x) = (1 + bend) x / (1 + bend x), which is
 * what f1 is of Jaccard's index with bend 1. With `degrees` > 0 the size itself was estimated with so many
 * degrees of freedom. */
struct mlg_family_part {
    double share, rate, size, degrees, bend;
};

/* bent(), its inverse and the inverse's derivative. */
double mlg_family_bend(double bend, double rate);
double mlg_family_unbend(double bend, double value);
double mlg_family_unbend_slope(double bend, double value);

/* Rows with which a proportion has this variance, at most `most`; `most` where either says nothing. */
double mlg_family_size(double rate, double variance, double most);

/* What a variance rests on: how many rows carry it, (sum of z^2)^2 / sum of z^4, z what a row adds to the
 * value, and what it would be if all rows weighed alike. */
struct mlg_family_carry {
    double carriers, variance;
};

/* How far they are to be trusted beyond what is known without them, from 0 to 1. */
double mlg_family_trust(const struct mlg_family_carry *carry);

/* As mlg_family_size, where the variance may be less than that of `most` rows, as errors differ in size: few
 * of them do not say so, many do. */
double mlg_family_size_carried(double rate, double variance, double most,
                               const struct mlg_family_carry *carry);

/* Turns the evidence (its value, range and n stand, its standard error is for the reader) into bounds: the
 * deviations of the parts' bounds are added as those of independent estimates are (Zou and Donner 2008,
 * Statistics in Medicine 27:1693); `common` is the variance that the parts have in common besides, negative
 * where one's errors make up for another's. `other`
 * (may be NULL) is evidence with bounds of its own: the wider of both is told then. Method
 * MLG_METHOD_WILSON: Clopper and Pearson's is told where that is what the first part has. */
int mlg_family_parts(struct mlg_evidence *evidence, enum mlg_method method,
                     const struct mlg_family_part *parts, size_t count, double common,
                     const struct mlg_evidence *other, struct mlg_arena *arena, struct mlg_error *error);

/* By how much average precision of so many rows is too high on average: exactly so where the scores tell
 * nothing (Bestgen 2015, Prague Bulletin of Mathematical Linguistics 103:131), for more than chance is left
 * to gain at the first ranks; of better scores in proportion to what they lack. */
double mlg_family_optimism(double value, double rows);

/* As it is, but with Clopper and Pearson's limits for all parts, never too short, whatever their counts;
 * other evidence stays. */
int mlg_family_parts_exact(struct mlg_evidence *evidence, struct mlg_arena *arena, struct mlg_error *error);

/* One part, which is the whole range of the evidence. */
int mlg_family_share(struct mlg_evidence *evidence, enum mlg_method method, double size,
                     struct mlg_arena *arena, struct mlg_error *error);

/* A difference of 0 between two answers that agree on all `size` rows or clusters: one that was not seen
 * might tell them apart, either way. The range of the evidence is that of the difference. */
int mlg_family_no_difference(struct mlg_evidence *evidence, enum mlg_method method, double size,
                             struct mlg_arena *arena, struct mlg_error *error);

#endif
