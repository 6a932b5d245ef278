/* curves: what a training log says, as one curve for each series of numbers.
 *
 * Formats are found by content; the file's name plays no part:
 *   csv            a header line and rows: Keras CSVLogger, Lightning CSVLogger, any other table
 *   jsonl          one object per line
 *   json           an array of such objects
 *   trainer_state  {"log_history": [objects]}: Hugging Face
 *   history        {"loss": [numbers], "val_loss": [numbers]}: Keras History.history; also as pandas writes
 * it,
 *                  {"loss": {"0": 0.7, "1": 0.5}}
 *   evals_result   {"validation_0": {"logloss": [numbers]}}: XGBoost, LightGBM
 * A series is called as its column or key; one within others as "validation_0/logloss", keys from the outside
 * in. `epoch` (or `round`) and `step` (`global_step`, `trainer/global_step`, `iteration`, `iter`) are where a
 * point stands, and no series. What is neither a number nor a text that is one ("0.53", "nan") is no point; a
 * series that has such beside its numbers is mistaken. An empty cell, null in a row, and a key that a row
 * lacks are no point either; null in an array of numbers is not-a-number. A series that ends before others by
 * as much as its points were ever apart is mistaken: what came after is not known.
 *
 * Always true: a pure function of the bytes; points stand in the order of training; a mistake of one series
 * leaves the others good.
 */
#ifndef MLGATE_CURVES_H
#define MLGATE_CURVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/arena.h"
#include "mlgate/error.h"

enum {
    MLG_CURVES_BYTES = 64 * 1024 * 1024, /* of a log, unpacked */
    MLG_CURVES_SERIES = 10000,
    MLG_CURVES_POINTS = 2000000 /* of all series */
};

struct mlg_curve_point {
    double value;       /* may be NaN or infinite, as written */
    double epoch, step; /* NaN: the log does not say */
    unsigned long line;
    uint64_t row; /* of the log, or the place in its array */
};

struct mlg_curve {
    const char *name;
    struct mlg_curve_point *points;
    size_t count;               /* at least 1 */
    bool has_epochs, has_steps; /* of every point; without epochs the points are counted, the first is 0 */
    const char *mistake;        /* why it is no curve, with the place; NULL: it is one */
    const char *note;           /* "training was resumed at epoch 5 (line 9) ..."; NULL: it was not */
};

struct mlg_curves {
    const char *path;
    const char *format;      /* "csv" ... as above */
    const char *unit;        /* "epoch", or "round" of boosting */
    struct mlg_curve *items; /* in the order of the file */
    size_t count;
    uint64_t points;
};

/* Errors are of the log as a whole, with line and column. */
int mlg_curves_parse(const char *path, const char *bytes, size_t size, struct mlg_arena *arena,
                     struct mlg_curves *curves, struct mlg_error *error);
/* NULL: there is none of that name. */
const struct mlg_curve *mlg_curves_find(const struct mlg_curves *curves, const char *name);

#endif
