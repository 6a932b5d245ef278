/* scan: one pass over a data source for all gates, and what it leaves behind.
 *
 * A plan collects what all gates need of one source: roles, slicings, accumulators. The pass feeds
 * batches to accumulators; every worker has its own; they are merged at the end, with codes mapped to
 * the sorted classes, so that the outcome does not depend on threads or on the order of rows.
 *
 * Three things accumulate, no more (what else looks at rows is an observer, which brings its own):
 *   tally    counts (or weights) of label x prediction, per slice: all that threshold metrics need
 *   moments  exact sums of per-row terms and of their products, per slice: all that means need
 *   kept     the rows themselves, decoded, 2 to 8 bytes a cell: for ranking, medians, queries,
 *            clusters and paired comparisons, which need to see rows side by side
 */
#ifndef MLGATE_SCAN_H
#define MLGATE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/suite.h"
#include "mlgate/sum.h"
#include "mlgate/table.h"

/* ---- rows as roles ----------------------------------------------------------------------------- */

/* Some rows, seen through their roles; arrays have `count` items, NULL where the plan did not ask.
 * During the pass class codes are the worker's, those of labels and of predictions are not comparable
 * and scores stand in class order; in kept rows codes index struct mlg_classes. */
struct mlg_rows {
    size_t count;
    const uint16_t *label;      /* class code */
    const uint8_t *positive;    /* 1: the label is the positive class */
    const uint16_t *prediction; /* class code, whether from a column or from scores */
    const double *label_number;
    const double *prediction_number; /* the prediction column; without one, the score column */
    const double *const *scores;     /* [score][row]; probabilities where `link` made them so */
    /* Kept rows: what the scores are ranked by, as they were written where 'link: logit' made probabilities
     * of them, of which the highest round to the same 1; else `scores`. */
    const double *const *ranks;
    size_t score_count;             /* 1: of the positive class; K: class k's column is scores[k] */
    const uint16_t *score_of_label; /* which score column is the label's own (K columns), else NULL */
    const double *weight;           /* NULL: all 1 */
    const uint32_t *cluster;        /* codes; equal codes, equal cluster */
    const uint32_t *query;
    const uint32_t *id; /* codes into struct mlg_scan's ids */
};

/* ---- terms: what a mean-like metric adds up ----------------------------------------------------- */

enum { MLG_TERMS = 4 };

/* A vector of `count` <= MLG_TERMS numbers per row. compute fills out[t][row]; parameters (at most
 * four doubles) tell pinball's alpha and the like apart. Returns 0, or the 1-based row that has no such
 * term (a negative number under msle), with *why set to a static sentence. */
struct mlg_terms {
    const char *name; /* unique */
    unsigned count;
    bool products; /* also the sums of products of terms are wanted (variance, delta method) */
    size_t (*compute)(const struct mlg_rows *rows, const double parameters[4], double *const *out,
                      const char **why);
    bool largest; /* instead of sums: the largest of the one term, which is never negative */
    /* Sums apart for each of parameters[0] strata (bins): compute puts every row's stratum, from 0, behind
     * the terms, at out[count]. No products. */
    bool strata;
};

enum { MLG_POWERS = 4 };

/* Sums over the rows of one slice. With weights: w, w^2 and products accordingly. */
struct mlg_moments {
    uint64_t n;                                         /* rows; those of weight 0 are not there */
    struct mlg_sum w, w2;                               /* unweighted: unused */
    struct mlg_sum u[MLG_TERMS];                        /* sum w u_t */
    struct mlg_sum w2u[MLG_TERMS];                      /* sum w^2 u_t; unweighted: unused */
    struct mlg_sum uu[MLG_TERMS * (MLG_TERMS + 1) / 2]; /* sum w^2 u_s u_t, s <= t, at s + t(t+1)/2 */
    /* Weighted, with products: what every row says by itself, sum u_t and sum u_s u_t, and sum w^4. */
    struct mlg_double2 even_u[MLG_TERMS], even_uu[MLG_TERMS * (MLG_TERMS + 1) / 2];
    double w4;
    double cubes[MLG_POWERS]; /* of one term with products: sums of w^3 u^k, k from 0, each of them rounded */
};

/* ---- classes ------------------------------------------------------------------------------------ */

/* The classes of a source: numeric order where every label and prediction is a number, else bytes. */
struct mlg_classes {
    size_t count;
    const char **names; /* as met; of several spellings of a number the shortest, then least */
    bool numeric;       /* all are numbers, compared digit by digit: 1 and 1.0 are one class */
    uint64_t *label_rows, *prediction_rows; /* per class, over all rows */
    int64_t positive;                       /* index, or -1 */
    const char *positive_why;               /* positive < 0: a sentence that names the labels seen */
    bool positive_given;
    bool positive_read; /* it makes a difference: to a quantity, or to what a threshold predicts */
    bool has_predictions;
};

/* The class that a text names; -1: none. */
int64_t mlg_class_find(const struct mlg_classes *classes, const char *text);

/* ---- tally -------------------------------------------------------------------------------------- */

/* label x prediction of one slice: cell (y, p) at y * classes + p. A value; sums cell by cell. */
struct mlg_tally {
    size_t classes;
    uint64_t rows;         /* those of weight 0 are not there */
    const uint64_t *count; /* [classes * classes]; those of weight 0 are */
    const double *weight;  /* sums of w, rounded once; NULL: unweighted (weights are the counts) */
    const double *weight2; /* sums of w^2; NULL: unweighted */
};

/* ---- kept rows ---------------------------------------------------------------------------------- */

enum mlg_keep {
    MLG_KEEP_LABEL = 1, /* class codes and positive */
    MLG_KEEP_PREDICTION = 2,
    MLG_KEEP_LABEL_NUMBER = 4,
    MLG_KEEP_PREDICTION_NUMBER = 8,
    MLG_KEEP_SCORES = 16,
    MLG_KEEP_QUERY = 32,
    MLG_KEEP_ID = 64,      /* for mlg_scan_align */
    MLG_KEEP_CLUSTER = 128 /* nothing but weight and cluster */
    /* weight and cluster are kept whenever the source has them and anything is kept */
};

/* ---- plan --------------------------------------------------------------------------------------- */

struct mlg_plan;

/* Which roles something reads; planning it makes sure that the source has them. */
enum mlg_reads {
    MLG_READS_LABEL = 1,       /* classes */
    MLG_READS_PREDICTION = 2,  /* classes, from the prediction column or from scores and threshold */
    MLG_READS_SCORE = 4,       /* any finite number that ranks */
    MLG_READS_PROBABILITY = 8, /* scores in [0,1]; K of them sum to 1 within 1e-6 */
    MLG_READS_LABEL_NUMBER = 16,
    MLG_READS_PREDICTION_NUMBER = 32,
    MLG_READS_QUERY = 64,
    MLG_READS_POSITIVE = 128 /* needs to know the positive class */
};

/* A plan for one open source. Errors of planning: a role that the source does not have, a column that
 * is not there (with the nearest name), slices over the cap. */
struct mlg_plan *mlg_plan_new(const struct mlg_data *data, const struct mlg_reader *reader,
                              struct mlg_arena *arena, struct mlg_error *error);
/* A plan for a source that is not open, which knows its keys and no columns: it refuses what no file could
 * give. `classes`: how many columns a score_prefix is taken to fit. NULL for want of memory. */
struct mlg_plan *mlg_plan_of_keys(const struct mlg_data *data, size_t classes, struct mlg_arena *arena);
int mlg_plan_reads(struct mlg_plan *plan, unsigned reads, struct mlg_error *error);
/* From here on mlg_plan_reads refuses with `why`, in the plan's arena, what takes labels or predictions for
 * classes. For a plan that is made anew after a scan that found none (MLG_CLASSES). */
void mlg_plan_refuse_classes(struct mlg_plan *plan, const char *why);
/* Does something read labels or predictions as numbers? */
bool mlg_plan_reads_numbers(const struct mlg_plan *plan);
/* Every accumulator is kept for the slice "all rows" and for the slicings added. Returns the slicing's
 * index (the same one for an equal slicing; 0 is all rows), or -1. */
int mlg_plan_slicing(struct mlg_plan *plan, const struct mlg_slicing *slicing, struct mlg_error *error);
int mlg_plan_tally(struct mlg_plan *plan, struct mlg_error *error);
/* The index of the moments, the same for equal terms and parameters, or -1. */
int mlg_plan_moments(struct mlg_plan *plan, const struct mlg_terms *terms, const double parameters[4],
                     struct mlg_error *error);
int mlg_plan_keep(struct mlg_plan *plan, unsigned keep, struct mlg_error *error);
/* ---- observers: what looks at cells beside the roles ---- */

/* Some rows that count, in the order of the file; a missing cell has no bytes. */
struct mlg_observed {
    size_t rows;
    const struct mlg_text *const *cells; /* [column of the observer][row] */
    const uint64_t *positions;           /* [row]: mlg_batch_position */
};
/* Sees, while the source is read, the cells of some columns of every row that is not dropped. `begin` makes
 * what one worker needs (NULL: no memory), and `observe` fills it, on the worker's thread. `end` is called
 * once, when all is read and nothing is wrong, with those workers that saw rows: one after the other their
 * rows stand in the order of struct mlg_scan's kept rows, which depends on threads; positions do not.
 * `release` gives back what `begin` made, whatever happened. */
struct mlg_observer {
    const char *const *columns; /* of the source, whatever their role; they outlive the scan */
    size_t column_count;
    void *context;
    void *(*begin)(void *context);
    int (*observe)(void *worker, const struct mlg_observed *rows, struct mlg_error *error);
    int (*end)(void *context, void *const *workers, size_t worker_count, struct mlg_error *error);
    void (*release)(void *worker);
    const char *role;  /* of the columns, for sentences: "features"; NULL: none is named */
    bool takes_nested; /* objects and arrays are the texts that are written there, and no errors */
};
/* An unknown column is an error with the nearest name. `observer` outlives the scan. */
int mlg_plan_observe(struct mlg_plan *plan, const struct mlg_observer *observer, struct mlg_error *error);
/* The columns of the source, in the order of the file; a plan of keys alone knows none. */
size_t mlg_plan_columns(const struct mlg_plan *plan, const char *const **names);

/* At most `limit` slices over all slicings of the source (0, or never called: MLG_PLAN_SLICES); the
 * largest of several wishes holds. */
enum { MLG_PLAN_SLICES = 1000 };
void mlg_plan_limit_slices(struct mlg_plan *plan, size_t limit);
/* Is there a cluster column, are there weights: metrics plan differently then. */
bool mlg_plan_clustered(const struct mlg_plan *plan);
bool mlg_plan_weighted(const struct mlg_plan *plan);
/* How many score columns the source has: 0, 1 (of the positive class) or one per class. */
size_t mlg_plan_score_count(const struct mlg_plan *plan);

/* ---- outcome ------------------------------------------------------------------------------------ */

/* One slice: a set of rows with a name. */
struct mlg_slice {
    size_t column_count;            /* 0: all rows */
    const char **columns, **values; /* value: text, "< 25" for a comparison, NULL: missing */
    uint64_t rows;
    uint64_t dropped;        /* besides: rows that miss a value, labels alone; of all rows see summary */
    uint64_t unmatched;      /* of these: labels without a prediction */
    const uint64_t *missing; /* how many of the others miss each of mlg_scan.droppers; or NULL */
    bool declared_absent;    /* a declared value without rows: an error when judged */
};

struct mlg_range {
    double minimum, maximum; /* minimum > maximum: nothing seen */
};

struct mlg_scan {
    const struct mlg_data *data;
    uint64_t rows;
    struct mlg_read_summary summary;
    const char **droppers; /* the first few columns that rows are dropped for the want of */
    size_t dropper_count;
    struct mlg_classes classes; /* count 0 when no classes were read */
    size_t slicing_count;       /* [0] is all rows, with one slice */
    struct mlg_slices {
        const struct mlg_slicing *slicing; /* NULL: all rows */
        struct mlg_slice *items; /* sorted: values in class order (numbers, else bytes), missing last */
        size_t count;
        uint64_t uncompared; /* of a comparison: rows without a number, which are in no slice of it */
    } * slicings;
    bool weighted, clustered;
    size_t cluster_count;
    size_t score_count;
    struct mlg_range *score_ranges;                 /* per score column, over all rows */
    struct mlg_range label_range, prediction_range; /* of the numbers */
    struct mlg_rows kept;                           /* count 0 when nothing was kept */
    const struct mlg_dictionary *ids;               /* MLG_KEEP_ID */
};

/* Runs the plan. `reader` is the one the plan was made with. Zero rows are an error; so is a file that
 * changed while it was read, dropped rows over max_missing, a negative weight, weights that are all 0,
 * a score outside [0,1] where a probability is read, one label without a score column. MLG_CLASSES: labels
 * and predictions make no classes (they are too many, or share none). */
int mlg_scan_run(struct mlg_plan *plan, struct mlg_reader *reader, const struct mlg_world *world,
                 unsigned threads, struct mlg_arena *arena, struct mlg_scan **scan, struct mlg_error *error);

/* The same scan as if the classes named in `labels` were one, positive, and all others another: tallies, kept
 * rows and shares of positives; scores are as they were. A label that is no class is an error. Valid as long
 * as `scan` and the arena; it holds nothing else. */
int mlg_scan_collapse(const struct mlg_scan *scan, const struct mlg_texts *labels, struct mlg_arena *arena,
                      struct mlg_scan **collapsed, struct mlg_error *error);

/* Gives back what a scan holds outside of its arena (the dictionary of ids). NULL is fine. */
void mlg_scan_free(struct mlg_scan *scan);

/* Of slice `slice` of slicing `slicing`; valid as long as the arena. NULL when not planned. */
const struct mlg_tally *mlg_scan_tally(const struct mlg_scan *scan, size_t slicing, size_t slice);
const struct mlg_moments *mlg_scan_moments(const struct mlg_scan *scan, size_t slicing, size_t slice,
                                           int index);
/* Of moments whose terms ask for it: `largest`, two numbers, the largest and the rows it is the largest of;
 * `strata`, for each stratum the sums of the `count` terms and that of w^2, rounded. */
const double *mlg_scan_numbers(const struct mlg_scan *scan, size_t slicing, size_t slice, int index);
/* Rows of weight above 0 of the slice; without weights all. */
uint64_t mlg_scan_weighing(const struct mlg_scan *scan, size_t slicing, size_t slice);
/* The kept rows of the slice: ascending indices into scan->kept; NULL with *count = kept.count means
 * all of them. The memory belongs to the scan. */
const uint32_t *mlg_scan_rows(const struct mlg_scan *scan, size_t slicing, size_t slice, size_t *count);

/* For paired comparisons: a copy of `baseline` whose kept rows stand in the order of `scan`'s, matched by
 * id, with class codes that index scan's classes. Both kept MLG_KEEP_ID. An id that occurs twice, that
 * is missing on either side, or whose labels differ is an error that names it and how many there are. */
int mlg_scan_align(const struct mlg_scan *scan, const struct mlg_scan *baseline, struct mlg_arena *arena,
                   struct mlg_scan **aligned, struct mlg_error *error);
/* Does `aligned` answer every row as `scan` does? Of what both kept of predictions and scores all is equal;
 * false where there is none of it. */
bool mlg_scan_same_answers(const struct mlg_scan *scan, const struct mlg_scan *aligned);

#endif
