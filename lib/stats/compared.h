/* compared: the columns that checks of the overfit gate compare rows by, and those that they leave out as
 * they tell rows apart by where they stand. Private to lib/stats.
 *
 * Always true: a column that the user named is never left out, and what is left out is told. */
#ifndef MLGATE_STATS_COMPARED_H
#define MLGATE_STATS_COMPARED_H

#include "column_profile.h"
#include "overfit_private.h"

struct mlg_compared {
    struct mlg_compared *next;
    bool has_train;
    bool is_default; /* no check and no `features` names them */
    bool by_fold;    /* rows of one fold alone are compared: both sources have the role */
    bool adds_fold;  /* ... and a cell more for that */
    const struct mlg_data *held_out_data, *train_data;
    struct mlg_arena *arena;
    const char **columns; /* by name, each once; without the fold */
    size_t column_count;

    bool is_decided;
    bool is_less;         /* columns went when all was read: rows are to be looked at again without them */
    const char *left_out; /* "'' (has no name), 'i' (counts rows)"; NULL: none */
    bool asked_names;
    const char *names; /* what is to be said of columns that name rows; NULL: there are none */
    struct mlg_column_profile held_out, train; /* of those that no one named */
};

/* *compared NULL: a plan of keys alone. */
int mlg_compared_plan(const struct mlg_call *call, struct mlg_overfit_planning *planning, bool has_train,
                      struct mlg_compared **compared, struct mlg_error *error);
/* When all is read: `columns` are then those that are left. Error: none is. */
int mlg_compared_decide(struct mlg_compared *compared, const struct mlg_overfit_view *view,
                        struct mlg_error *error);
/* Writes them, and behind them the fold of one of the sources where it is a cell more; returns how many. */
size_t mlg_compared_columns(const struct mlg_compared *compared, const struct mlg_data *data,
                            const char **columns);
/* Tells by which columns rows are compared, where the check's own text does not, and `none_equal`, which of
 * them differ in every row of both, beside others that do not (unless the data cannot be read again). */
void mlg_compared_note(struct mlg_compared *compared, const struct mlg_call *call, bool none_equal,
                       struct mlg_overfit_view *view, struct mlg_overfit_outcome *outcome);

/* Does chance explain a good part of `found` held-out rows, where `twins` of the train rows equal others of
 * train? Equal columns are no proof of a copy then. */
bool mlg_compared_by_chance(uint64_t found, uint64_t held_out, uint64_t twins, uint64_t train);
const char *mlg_compared_no_proof(const struct mlg_data *held_out, const struct mlg_data *train,
                                  uint64_t twins, uint64_t rows, struct mlg_arena *arena);

#endif
