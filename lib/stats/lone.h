/* lone: the best of some models of one column, chosen by what the train rows say. Private to lib/stats.
 *
 * A column of numbers is fitted as it stands, as ten bins of as many rows each, and where it has no more than
 * MLG_SIMPLE_CATEGORIES different values as categories; one of more texts than that as its frequent texts and
 * by what the label is of each text. Taken is the least loss on train (log loss; of numbers the logarithm of
 * the mean squared error), each coefficient counting 1 (Akaike 1974); of each text's labels what the other
 * rows with that text tell of a row counts instead.
 */
#ifndef MLG_STATS_LONE_H
#define MLG_STATS_LONE_H

#include "simple.h"

enum mlg_lone_kind { MLG_LONE_PLAIN, MLG_LONE_BINS, MLG_LONE_VALUES, MLG_LONE_RATES };

struct mlg_lone {
    enum mlg_lone_kind kind;
    struct mlg_simple model;     /* of rates: only whether it is undefined, and the classes */
    struct mlg_feature held_out; /* the column as the model reads it */
    size_t outputs;              /* of rates: classes, or 1 */
    double *rates;               /* [code, missing ones the last][output] */
};

/* The column of the train and of the held-out rows; codes are those of one list of texts. The errors of
 * mlg_simple_fit. */
int mlg_lone_fit(const struct mlg_feature *train, size_t train_rows, const struct mlg_feature *held_out,
                 size_t held_out_rows, const struct mlg_simple_target *target, const struct mlg_dense *dense,
                 struct mlg_arena *arena, struct mlg_lone *lone, struct mlg_error *error);
/* `lone` in memory of `arena`, but for what it borrows of the columns. False: no memory. */
bool mlg_lone_copy(const struct mlg_lone *lone, size_t held_out_rows, struct mlg_arena *arena,
                   struct mlg_lone *copy);
/* As mlg_simple_predict, of the held-out rows. */
bool mlg_lone_predict(const struct mlg_lone *lone, size_t held_out_rows, double *const *out);
/* How the column was taken, behind its name: "" or ", in ten bins". */
const char *mlg_lone_text(const struct mlg_lone *lone);

#endif
