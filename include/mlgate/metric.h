/* metric: a defined function of a table's roles.
 *
 * The table of metrics (metrics.def) is what `mlgate list` and `mlgate explain` print, what the check
 * language's names mean, and what runs.
 *
 * Always true: plan asks for exactly what evaluate reads; evaluate is a pure function of the view and
 * may run on several threads for different views; 0/0 is MLG_UNDEFINED with a reason, never a number.
 */
#ifndef MLGATE_METRIC_H
#define MLGATE_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/arena.h"
#include "mlgate/check.h"
#include "mlgate/error.h"
#include "mlgate/interval.h"
#include "mlgate/param.h"
#include "mlgate/scan.h"

enum mlg_average { MLG_AVERAGE_DEFAULT, MLG_MACRO, MLG_WEIGHTED, MLG_MICRO, MLG_BINARY };
enum mlg_multi_class { MLG_OVR, MLG_OVO };
enum mlg_overall { MLG_BETWEEN_GROUPS, MLG_TO_OVERALL };
enum mlg_agg { MLG_WORST_CASE, MLG_MEAN };
enum mlg_at { MLG_AT_FINAL, MLG_AT_BEST };
enum mlg_better { MLG_BETTER_BY_NAME, MLG_BETTER_LOWER, MLG_BETTER_HIGHER };
enum mlg_kappa_weights { MLG_KAPPA_NONE, MLG_KAPPA_LINEAR, MLG_KAPPA_QUADRATIC };

/* Every argument that some metric takes; rows in mlg_metric_params, filled by mlg_param_set, so that
 * ranges, choices and help stand once. */
struct mlg_metric_arguments {
    int average;            /* enum mlg_average */
    const char *class_name; /* class=VALUE: one class against the rest; NULL: not given */
    double beta, max_fpr, alpha, power, x;
    int64_t k, bins;
    int multi_class, weights;
    bool adjusted;
    const char *metric; /* constant_score(METRIC), delta(METRIC) */
    /* of disparities; rows in mlg_disparity_params */
    const char *attribute, *reference, *strata;
    int method; /* enum mlg_overall */
    int agg;    /* enum mlg_agg */
    double entropy_alpha, concentration;
    /* of the overfit gate's; rows in mlg_overfit_params */
    struct mlg_texts columns; /* names without an argument's name before them */
    const char *column, *series, *train;
    int better; /* enum mlg_better */
    int at;     /* enum mlg_at */
    double tolerance;
    const char *file; /* of the repro gate's; rows in mlg_repro_params */
};
extern const struct mlg_param mlg_metric_params[];
extern const struct mlg_param mlg_disparity_params[]; /* disparity.h */
extern const struct mlg_metric_arguments mlg_metric_arguments_defaults;

struct mlg_metric;

/* A metric with its arguments: what a check's quantity means. */
struct mlg_call {
    const struct mlg_metric *metric;
    struct mlg_metric_arguments arguments;
    const char *const *given;     /* names of the arguments that were given, NULL-terminated */
    const struct mlg_call *inner; /* of constant_score(METRIC) and delta(METRIC), else NULL */
    struct mlg_call *parts;       /* of a disparity: what is measured of every group */
    size_t part_count;
    int moments; /* filled by plan: index of its moments, or -1 */
};

/* What evaluate sees: one slice of one scan. */
struct mlg_view {
    const struct mlg_scan *scan;
    size_t slicing, slice;
    const struct mlg_scan *baseline; /* delta: the other source, its kept rows aligned with scan's */
    struct mlg_arena *scratch;       /* lives as long as the evidence of this slice is in use */
    struct mlg_ranked *ranked;       /* cache of sorted scores, private to stats/ranked.c */
};

enum mlg_direction { MLG_NO_DIRECTION, MLG_HIGHER_IS_BETTER, MLG_LOWER_IS_BETTER };

struct mlg_metric {
    const char *name;
    const char *const *aliases; /* NULL-terminated, or NULL */
    const char *about;          /* one sentence: what it tells */
    const char *definition;     /* the formula */
    const char *undefined_when;
    const char *source;             /* whose convention: "scikit-learn roc_auc_score" */
    const char *const *arguments;   /* names of rows of its params, in positional order; or NULL */
    const struct mlg_param *params; /* rows of its arguments; NULL: mlg_metric_params */
    const char *required_argument;  /* or NULL */
    enum mlg_direction direction;
    double minimum, maximum;
    unsigned reads;         /* enum mlg_reads */
    enum mlg_method method; /* of its interval under auto */
    bool accuracy_like;     /* the report shows what the best constant answer would score */
    int (*plan)(struct mlg_call *call, struct mlg_plan *plan, struct mlg_error *error);
    /* Fills `evidence`. `influence` (may be NULL) has one place per kept row of the slice, in the order of
     * mlg_scan_rows: each row's share psi_i with value(sample) - value ~ sum psi_i, for clusters and
     * paired differences; a metric that has none returns evidence with method none then. Returns nonzero
     * only for want of memory or a mistake of ours; everything else is a state of the evidence. */
    int (*evaluate)(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                    double *influence, struct mlg_error *error);
    /* What the best constant answer scores; NULL: not defined. */
    int (*constant)(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                    struct mlg_error *error);
    /* Instead of it: what some constant answer does not exceed, where the best one would ask for more than a
     * look at each row. For metrics of which less is better. */
    int (*constant_bound)(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                          struct mlg_error *error);
    const void *kernel; /* the family's own */
    /* The values of a call where they depend on its arguments or on the source (`data` may be NULL), else
     * NULL: minimum and maximum hold then. */
    void (*range)(const struct mlg_call *call, const struct mlg_data *data, double *minimum, double *maximum);
    /* Refuses arguments that contradict each other, as mlg_call_resolve's last step; NULL: none do. */
    int (*check)(const struct mlg_call *call, struct mlg_error *error);
};

/* All rows of metrics.def, NULL-terminated, in its order. */
extern const struct mlg_metric *const mlg_metrics[];
/* By name or alias; NULL: unknown. */
const struct mlg_metric *mlg_metric_find(const char *name);
/* Ours, with its arguments, of a name that other libraries have for it and that is no alias; NULL: unknown.
 */
const char *mlg_metric_elsewhere(const char *name);
/* Is that its name or one of its aliases? Borrows both. */
bool mlg_metric_is_called(const struct mlg_metric *metric, const char *name);
/* Can its interval be asked for by this method (MLG_METHOD_COUNT: auto)? */
bool mlg_metric_takes(const struct mlg_metric *metric, int method);

/* Resolves a check's quantity: name, argument names, kinds, ranges, required ones. The error says what
 * is accepted and the nearest name; error->place.column is the offset + 1 within check->written. */
int mlg_call_resolve(const struct mlg_check *check, struct mlg_arena *arena, struct mlg_call *call,
                     struct mlg_error *error);
/* The same for a metric that is known already, with the arguments of the check from `first` on. */
int mlg_call_resolve_as(const struct mlg_check *check, size_t first, const struct mlg_metric *metric,
                        struct mlg_arena *arena, struct mlg_call *call, struct mlg_error *error);
/* gap(f1, average=macro): the first argument names a metric of metrics.def, the others are that metric's. */
int mlg_call_resolve_of(const struct mlg_check *check, const struct mlg_metric *metric,
                        struct mlg_arena *arena, struct mlg_call *call, struct mlg_error *error);
/* Is its first argument a metric? */
bool mlg_metric_takes_metric(const struct mlg_metric *metric);
/* The rows of a metric's arguments. */
const struct mlg_param *mlg_metric_rows_of(const struct mlg_metric *metric);
/* The values that a call can have on a source (`data` may be NULL); a difference of two values of [a, b] lies
 * in [a - b, b - a]. */
void mlg_call_range(const struct mlg_call *call, const struct mlg_data *data, double *minimum,
                    double *maximum);
/* Does it combine several of the classes, more than two, because it was not told how? Then by their plain
 * mean, and whatever class is the positive one. */
bool mlg_call_is_macro(const struct mlg_call *call, const struct mlg_scan *scan);
bool mlg_metric_has_argument(const struct mlg_metric *metric, const char *argument);
/* Plans the roles and accumulators of a call: reads, then metric->plan; with clusters also the rows
 * that its influence needs. */
int mlg_call_plan(struct mlg_call *call, struct mlg_plan *plan, struct mlg_error *error);
/* Can a call be planned for a source, by the source's keys alone? `plan` is mlg_call_plan or a like function.
 * MLG_OK: it may be; what its data hold is another matter. */
int mlg_call_judge(struct mlg_call *call,
                   int (*plan)(struct mlg_call *call, struct mlg_plan *plan, struct mlg_error *error),
                   const struct mlg_data *data, struct mlg_arena *arena, struct mlg_error *error);
/* Evaluates with weights and clusters taken into account (the cluster sandwich stands here, once). */
int mlg_call_evaluate(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                      struct mlg_error *error);

/* ---- for metric families ------------------------------------------------------------------------ */

int mlg_evidence_undefined(struct mlg_evidence *evidence, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Scores of one slice, sorted once and shared by the checks of that slice: the rows of the positive
 * class and the others, walked as blocks of equal scores (-0 equals 0) from the highest score down. Rows
 * of weight 0 are left out. Without weights the sorted keys of the scores are all that is held, 8 bytes a
 * row; with weights 16. */
struct mlg_ranked_block {
    double score;
    double positive, negative;               /* weight (or count) of the rows with this score */
    double positive_square, negative_square; /* sums of squared weights (or the counts) */
};
struct mlg_ranked_view {
    double positives, negatives;           /* totals */
    uint64_t positive_rows, negative_rows; /* zero weights left out */
    bool weighted;
    const uint64_t *positive_keys, *negative_keys; /* unweighted: ascending; equal keys, equal scores */
    const struct mlg_ranked_item *positive_items, *negative_items; /* weighted; private to ranked.c */
};
struct mlg_ranked_walk {
    const struct mlg_ranked_view *view;
    size_t positive, negative; /* rows still to come */
};
struct mlg_ranked_walk mlg_ranked_begin(const struct mlg_ranked_view *view);
/* The next block; false: there are no more. */
bool mlg_ranked_next(struct mlg_ranked_walk *walk, struct mlg_ranked_block *block);
/* One score column, one class against the rest (or against one other class, `other` >= 0). Cached in
 * the view. NULL for want of memory. */
const struct mlg_ranked_view *mlg_ranked(struct mlg_view *view, size_t score, uint32_t positive_class,
                                         int64_t other);

#endif
