/* scan_private: what plan.c, scan.c, classes.c, slices.c, accumulate.c and align.c share.
 *
 * Words: a *code* is a worker's own number for a text; a *group* is a worker's own number for a slice
 * (0: the row is in no slice of the slicing, or must not count); a *class* and a *slice* are global.
 */
#ifndef MLGATE_SCAN_PRIVATE_H
#define MLGATE_SCAN_PRIVATE_H

#include "mlgate/scan.h"

/* Limits. Cells are 8 bytes; a weighted cell that occurs takes two sums more (1 KiB). */
enum {
    MLG_SCAN_CLASSES = 4096,   /* codes of 16 bits hold them */
    MLG_SCAN_FEW_CLASSES = 64, /* with no more than so many, slices are what takes too many cells */
    MLG_SCAN_CELLS = 1 << 24,
    MLG_SCAN_WEIGHTED_CELLS = 1 << 17,
    MLG_SCAN_STRATA = 1 << 17,          /* of all slices; each takes a sum (0.5 KiB) per term */
    MLG_SCAN_DECLARED_VALUES = 1 << 20, /* values of a column of which only declared ones count */
    MLG_SCAN_KEPT_VALUES = 1 << 28,     /* clusters, queries, ids */
    MLG_SCAN_DROPPERS = 8,              /* columns of which is counted how often dropped rows miss them */
    MLG_SENTENCE_VALUES = 8             /* listed in a sentence before "and n more" */
};
#define MLG_NONE UINT32_MAX

/* ---- plan ---------------------------------------------------------------------------------------- */

struct mlg_moments_plan {
    const struct mlg_terms *terms;
    double parameters[4];
};

struct mlg_plan {
    const struct mlg_data *data;
    struct mlg_arena *arena;
    const char *const *columns; /* of the file */
    size_t column_count;
    const bool *nested;         /* per column of the file, as mlg_reader_nested has it */
    const char **score_columns; /* in class order when there are several */
    const char **score_classes; /* their classes; NULL when there is at most one column */
    size_t score_count;
    unsigned reads, keep;
    bool tally;
    const char *refuses_classes; /* why nothing may read classes, or NULL */
    size_t slice_limit;
    const struct mlg_slicing **slicings; /* [0]: all rows, NULL */
    size_t slicing_count, slicing_capacity;
    struct mlg_moments_plan *moments;
    size_t moments_count, moments_capacity;
    const struct mlg_observer **observers;
    size_t observer_count, observer_capacity;
};

/* How predictions come about. */
enum mlg_prediction_source {
    MLG_PREDICTION_NONE,
    MLG_PREDICTION_COLUMN,
    MLG_PREDICTION_THRESHOLD, /* 0: under the threshold, 1: the positive class */
    MLG_PREDICTION_HIGHEST    /* the index of the highest score */
};
enum mlg_prediction_source mlg_plan_prediction_source(const struct mlg_plan *plan);

/* "'a', 'b' and 3 more", in the arena. */
const char *mlg_sentence_list(struct mlg_arena *arena, const char *const *texts, size_t count);
/* Returns MLG_LIMIT; here, so that compilers and analyzers see that it is never MLG_OK. */
static inline int mlg_scan_no_memory(struct mlg_error *error, const struct mlg_data *data)
{
    mlg_error_set(error, MLG_LIMIT, "reading the data source '%s' needs more memory than there is",
                  data->name);
    return MLG_LIMIT;
}
/* False also for what parses to an infinity or a NaN: those are texts here. */
bool mlg_scan_number(const char *text, size_t size, double *value);

/* ---- accumulators -------------------------------------------------------------------------------- */

/* Of one slicing. Group g's cells start at g * labels * predictions; group 0 is a sink. */
struct mlg_slicing_sums {
    bool counts_cells, counts_rows, has_moments;
    size_t groups;  /* allocated, the sink included */
    uint64_t *rows; /* [groups], where rows and not cells are counted */
    uint64_t *cells;
    uint32_t *slots;      /* weighted: 1 + index into pool of a cell that occurred, else 0 */
    struct mlg_sum *pool; /* two sums per slot: w, w^2 */
    size_t pool_count, pool_capacity;
    struct mlg_sum *weights;  /* four per group: w, w^2, w^3, w^4 */
    struct mlg_sum **moments; /* per moments: its sums, group by group */
    double **largest;         /* per moments that asks for it: of each group */
    uint64_t *weighing;       /* weighted: per group its rows of weight above 0 */
};

struct mlg_accumulator {
    const struct mlg_plan *plan;
    bool weighted, tallies;
    size_t labels, predictions; /* room for codes: the shape of a group's cells */
    size_t slicing_count;
    struct mlg_slicing_sums *slicings;
    double *buffer; /* (MLG_TERMS + 7) batches of doubles, and a batch of cells behind them */
};

/* What a slicing accumulates; the numbers of groups and codes grow as they are met. */
int mlg_accumulator_init(struct mlg_accumulator *accumulator, const struct mlg_plan *plan,
                         size_t slicing_count, bool weighted, bool tallies);
void mlg_accumulator_free(struct mlg_accumulator *accumulator);
/* Makes room; groups[s] includes the sink. */
int mlg_accumulator_reserve(struct mlg_accumulator *accumulator, const size_t *groups, size_t labels,
                            size_t predictions, struct mlg_error *error);
/* Adds at most MLG_BATCH_ROWS rows whose groups and codes fit. groups[s] NULL: all in group 1. A row
 * without a term: *bad_row (1-based) and *why are set and 0 returned. */
void mlg_accumulate(struct mlg_accumulator *accumulator, const struct mlg_rows *rows,
                    const uint32_t *const *groups, size_t *bad_row, const char **why);
/* Adds slicing `from_slicing` of `from` to slicing `slicing` of `into`. group_map NULL: all groups go
 * to group 1; 0 in it: nowhere. The maps of codes give classes. */
int mlg_accumulator_merge(struct mlg_accumulator *into, size_t slicing, const struct mlg_accumulator *from,
                          size_t from_slicing, const uint32_t *group_map, const uint32_t *label_map,
                          const uint32_t *prediction_map, struct mlg_error *error);
uint64_t mlg_accumulator_rows(const struct mlg_accumulator *accumulator, size_t slicing, size_t group);
/* Rows per label code and per prediction code; arrays of accumulator->labels and ->predictions items. */
void mlg_accumulator_margins(const struct mlg_accumulator *accumulator, size_t slicing, uint64_t *label_rows,
                             uint64_t *prediction_rows);

/* ---- classes ------------------------------------------------------------------------------------- */

/* What a worker knows of the texts in its dictionary of labels and predictions. */
struct mlg_code_fact {
    uint32_t score; /* which score column is its own, or MLG_NONE */
    bool positive;  /* believed to be the positive class */
    bool listed;    /* in data->labels, or there are none */
    bool infinite;  /* a number, and not finite: "inf", "1e999"; an error where all others are numbers */
    struct mlg_place place; /* infinite: of the first row that has it, and whether as a label */
    bool stands_as_label;
};
struct mlg_code_fact mlg_code_fact_of(const struct mlg_plan *plan, const char *text, size_t size);

/* The codes of one worker, and the classes they turn out to be. */
struct mlg_codes {
    const struct mlg_dictionary *dictionary;
    const struct mlg_code_fact *facts;
    size_t count;
    const uint64_t *label_rows, *prediction_rows; /* per code; prediction rows per 0/1 or score column
                                                     where predictions come from scores */
    uint32_t *label_classes;                      /* out: [count] */
    uint32_t *prediction_classes;                 /* out: [count], [2] or [score_count] */
};
/* Returns MLG_CLASSES: there are more than can be counted. */
int mlg_classes_too_many(const struct mlg_plan *plan, struct mlg_error *error);
int mlg_classes_make(const struct mlg_plan *plan, struct mlg_codes *workers, size_t worker_count,
                     struct mlg_classes *classes, struct mlg_error *error);

/* ---- slices -------------------------------------------------------------------------------------- */

/* Pairs of numbers, numbered 1, 2, 3 ... in the order met. */
struct mlg_pairs {
    uint64_t *list; /* [id - 1]: first << 32 | second */
    size_t count, capacity;
    uint32_t *hash; /* ids */
    size_t hash_size;
    uint32_t *dense; /* the ids of small pairs: the common case without hashing */
    size_t dense_rows, dense_columns;
};

/* A worker's groups of one slicing. */
struct mlg_local_slicing {
    const struct mlg_slicing *slicing;
    int requests[MLG_CROSS_COLUMNS];
    unsigned dictionaries[MLG_CROSS_COLUMNS];
    bool is_role[MLG_CROSS_COLUMNS]; /* a row without a value there is dropped: it is no row of a slice */
    uint32_t *declared_groups;       /* per code */
    size_t declared_known, declared_capacity;
    bool missing_seen;
    uint64_t uncompared; /* rows without the number that is compared */
    struct mlg_pairs pairs[MLG_CROSS_COLUMNS - 1];
    /* Of dropped rows, per group: how many, how many of them are labels without a prediction, and how many of
     * the others miss each of mlg_scan.droppers. */
    uint64_t *dropped;
    size_t dropped_groups, dropped_stride;
};

/* Fills groups[0..count) for rows first .. first + count of the batch, and *group_count with the number
 * of groups there may be (the sink included). False: no memory. */
bool mlg_slicing_groups(struct mlg_local_slicing *local, const struct mlg_batch *batch, size_t first,
                        size_t count, uint32_t *groups, size_t *group_count);
/* Are the slicing's columns in the batch? Labels without a prediction lack those of the predictions' file. */
bool mlg_slicing_is_known(const struct mlg_local_slicing *local, const struct mlg_batch *batch);
/* Counts dropped rows, whose groups these are; columns[0..count) are those that they may miss. False: no
 * memory. */
bool mlg_slicing_drop(struct mlg_local_slicing *local, const struct mlg_batch *batch, const uint32_t *groups,
                      size_t group_count, const int *columns, size_t count);
/* How many slices the worker has met. */
size_t mlg_slicing_met(const struct mlg_local_slicing *local, struct mlg_dictionary *const *dictionaries);
void mlg_slicing_free(struct mlg_local_slicing *local);
int mlg_slicing_too_many(const struct mlg_plan *plan, const struct mlg_slicing *most,
                         struct mlg_error *error);

/* One worker's groups that have rows; maps them to slices. */
struct mlg_slicing_source {
    const struct mlg_local_slicing *local;
    struct mlg_dictionary *const *dictionaries;
    const struct mlg_accumulator *accumulator;
    uint32_t *map; /* out: group -> 1 + slice; [groups] */
};
int mlg_slices_make(const struct mlg_plan *plan, size_t slicing, const struct mlg_slicing_source *sources,
                    size_t source_count, size_t dropper_count, struct mlg_slices *slices,
                    struct mlg_error *error);

/* ---- outcome ------------------------------------------------------------------------------------- */

struct mlg_scan_whole {
    struct mlg_scan scan; /* first: the one is a pointer to the other */
    const struct mlg_plan *plan;
    struct mlg_tally **tallies;    /* [slicing][slice]; NULL: not planned */
    struct mlg_moments ***moments; /* [slicing][moments][slice]; NULL where numbers are */
    uint64_t **weighing;           /* [slicing][slice], with weights */
    double ***numbers;             /* [slicing][moments][slice * numbers of a slice] */
    uint32_t **row_lists;          /* [slicing]; the rows of all slices, one after the other */
    size_t **row_starts;           /* [slicing][slice], and the end */
    struct mlg_dictionary *ids;
};

/* How many numbers mlg_scan_numbers has for a slice; 0: moments are what there is. */
size_t mlg_numbers_of(const struct mlg_moments_plan *moments);
/* Tallies and moments of the merged accumulator (group = 1 + slice, codes = classes), into the arena. */
int mlg_scan_outcome(struct mlg_scan_whole *whole, const struct mlg_accumulator *merged,
                     struct mlg_arena *arena, struct mlg_error *error);

/* ---- other answers ------------------------------------------------------------------------------- */

/* Answers to the kept rows, [row] and of scores [column][row]: all kinds of them that were kept. */
struct mlg_answers {
    const uint16_t *prediction;
    const double *number;
    const double *const *scores;
};

/* The plan of a scan without its accumulators: what is planned next has places of its own. NULL: no memory.
 */
struct mlg_plan *mlg_plan_bare(const struct mlg_scan *scan, struct mlg_arena *arena);
/* The scan as if its kept rows were answered so, with the accumulators of `plan`, which is mlg_plan_bare's
 * and reads nothing that was not kept. It borrows all else of `scan`. MLG_DATA: a term is not defined for
 * such an answer. */
int mlg_scan_with_answers(const struct mlg_scan *scan, const struct mlg_answers *answers,
                          const struct mlg_plan *plan, struct mlg_arena *arena, struct mlg_scan **with,
                          struct mlg_error *error);

#endif
