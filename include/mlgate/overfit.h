/* overfit: quantities of a model's training: how far the train score lies above that of held-out rows, what
 * the rows of both share, what a constant or a simple model would do, and how its learning curve ran.
 *
 * The table (overfits.def) is the overfit gate's catalogue; a row is a struct mlg_metric whose kernel is a
 * struct mlg_overfit_kernel. A quantity of METRIC takes every quantity of metrics.def.
 *
 * Always true: plan asks for exactly what evaluate reads; evaluate is a pure function of the view and of what
 * plan made, and may run on several threads for different slices; what cannot be measured is MLG_UNDEFINED
 * with a reason, never a number.
 */
#ifndef MLGATE_OVERFIT_H
#define MLGATE_OVERFIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/metric.h"

/* The gate's own keys. */
struct mlg_overfit_options {
    const char *train; /* name of a data source; NULL: not given */
    bool train_is_sample;
    struct mlg_texts features; /* columns; count 0: all common ones without a role */
    const char *curves;        /* path of a training log; NULL: not given */
};

/* What a quantity needs beside held-out rows. */
enum mlg_overfit_needs {
    MLG_NEEDS_TRAIN = 1,    /* another source, `train` */
    MLG_NEEDS_COLUMNS = 2,  /* cells of columns of both, or of the held-out rows */
    MLG_NEEDS_CURVES = 4,   /* a training log; neither rows nor train */
    MLG_NEEDS_FOLD = 8,     /* the role `fold` of the held-out rows */
    MLG_NEEDS_NO_TRAIN = 16 /* it does not look at `train` even where there is one */
};

/* Rows behind what a quantity found, up to MLG_OVERFIT_OFFENDERS of them: "line 12, as line 88 of train". */
enum { MLG_OVERFIT_OFFENDERS = 10, MLG_OVERFIT_PARTS = 4 };

struct mlg_curves; /* curves.h */

/* What plan sees, of one run of one gate. */
struct mlg_overfit_planning {
    const struct mlg_overfit_options *options;
    struct mlg_plan *held_out;
    struct mlg_plan *train; /* NULL: the gate has none */
    const struct mlg_data *held_out_data, *train_data;
    struct mlg_arena *arena;
    unsigned threads;
    uint64_t seed;
    /* What checks share, one place for each file of quantities (enum mlg_overfit_family); NULL at first. */
    void **shared;
};
enum mlg_overfit_family {
    MLG_OVERFIT_ROWS,
    MLG_OVERFIT_FEATURES,
    MLG_OVERFIT_COMPARED,
    MLG_OVERFIT_FAMILIES
};

/* What prepare sees: both sources, scanned. */
struct mlg_overfit_preparing {
    const struct mlg_overfit_options *options;
    const struct mlg_scan *held_out, *train; /* train NULL: the gate has none */
    struct mlg_arena *arena;                 /* lives as long as the state */
};

/* What evaluate sees: one slice of both sources. */
struct mlg_overfit_view {
    const struct mlg_overfit_options *options;
    struct mlg_view held_out;
    struct mlg_view train;     /* the same slice of the train source; scan NULL: the gate has none */
    const char *train_missing; /* why there is no such slice; NULL: there is */
    const struct mlg_curves *curves;
    const struct mlg_check *check; /* its limit, where several claims are made at once */
    double confidence;
    int method; /* interval:, MLG_METHOD_COUNT: auto */
    unsigned threads;
    uint64_t seed;
    /* Opens a source anew for another look (NULL: it cannot be read twice): the caller closes it. */
    int (*reopen)(void *context, const char *source, struct mlg_reader **reader, struct mlg_error *error);
    void *context;
};

/* What was found out on the way, for reports; texts in the scratch memory of view.held_out. */
struct mlg_overfit_outcome {
    struct mlg_overfit_part {
        const char *name; /* "train", "held_out", "simple" ... as in results.json */
        double value;
    } parts[MLG_OVERFIT_PARTS];
    size_t part_count;
    const char *offenders[MLG_OVERFIT_OFFENDERS];
    size_t offender_count;
    uint64_t offenders_of; /* how many there are in all */
    const char *no_pass;   /* why it fails even where it meets the limit; NULL: it passes there */
    const char
        *advice; /* one sentence of what would change a verdict that is no pass; NULL: rows alone would */
    const char *notes[6];
    size_t note_count;
};

struct mlg_overfit_kernel {
    unsigned needs;    /* enum mlg_overfit_needs */
    bool by_slice;     /* judged on the gate's slices too; else on all rows alone */
    bool exact;        /* a count: it has no interval */
    bool within_folds; /* it compares each fold's rows with those that the fold was fitted to */
    bool opposes;      /* a good value of METRIC is a bad one of this quantity */
    bool paired;       /* of METRIC, by the interval of this quantity and not by that of METRIC */
    /* *state is evaluate's, in planning->arena. With a plan of keys alone (mlg_plan_columns gives none) it
     * refuses what no file could give, and asks nothing of columns. */
    int (*plan)(struct mlg_call *call, struct mlg_overfit_planning *planning, void **state,
                struct mlg_error *error);
    /* Once, before any slice is evaluated: what all slices share, for the state. NULL: there is nothing. Its
     * error is that of the check. */
    int (*prepare)(const struct mlg_call *call, void *state, struct mlg_overfit_preparing *preparing,
                   struct mlg_error *error);
    int (*evaluate)(const struct mlg_call *call, void *state, struct mlg_overfit_view *view,
                    struct mlg_evidence *evidence, struct mlg_overfit_outcome *outcome,
                    struct mlg_error *error);
};

/* All rows of overfits.def, NULL-terminated. */
extern const struct mlg_metric *const mlg_overfits[];
extern const struct mlg_param mlg_overfit_params[]; /* rows of their arguments */

const struct mlg_metric *mlg_overfit_find(const char *name);
/* What a check's quantity means here. Errors as mlg_call_resolve. */
int mlg_overfit_resolve(const struct mlg_check *check, struct mlg_arena *arena, struct mlg_call *call,
                        struct mlg_error *error);
const struct mlg_overfit_kernel *mlg_overfit_kernel_of(const struct mlg_call *call);
/* The values that a call can take. */
void mlg_overfit_range(const struct mlg_call *call, const struct mlg_data *data, double *minimum,
                       double *maximum);
/* Can its interval be asked for by this method (MLG_METHOD_COUNT: auto)? */
bool mlg_overfit_takes(const struct mlg_call *call, int method);

/* Are the two the same rows: one content, or the same cells of all columns that both have, in any order of
 * rows and columns, numbers however written? The cells are asked a second look at both files, and only where
 * the number of rows, the labels and what checks of rows found leave it open; false where they cannot be read
 * again. `view` has both scans, `shared` is what the gate's checks share. */
bool mlg_overfit_same_rows(struct mlg_overfit_view *view, void *const *shared);

/* For the families: the columns that a check looks at: its arguments, else `features`, else all that both
 * sources have (or the held-out one alone, without train), that have a name and no role in either. None, and
 * one that a source lacks, is an error. */
int mlg_overfit_columns(const struct mlg_call *call, const struct mlg_overfit_planning *planning,
                        struct mlg_texts *columns, struct mlg_error *error);

#endif
