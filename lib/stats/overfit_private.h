/* overfit_private: what the families of the overfit gate's quantities share. Private to lib/stats. */
#ifndef MLGATE_OVERFIT_PRIVATE_H
#define MLGATE_OVERFIT_PRIVATE_H

#include <string.h>

#include "family.h"
#include "mlgate/overfit.h"
#include "mlgate/text.h"
#include "scan_private.h"

#define MLG_OVERFIT_KERNEL(...)                                                                              \
    .kernel = &(const struct mlg_overfit_kernel)                                                             \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }

/* Refuses a METRIC of which neither more nor less is better: a metric's check. */
int mlg_overfit_directed(const struct mlg_call *call, struct mlg_error *error);
/* The range of a difference of two values of METRIC: a metric's range. */
void mlg_overfit_difference_range(const struct mlg_call *call, const struct mlg_data *data, double *minimum,
                                  double *maximum);
void mlg_overfit_part(struct mlg_overfit_outcome *outcome, const char *name, double value);
/* `text` stands in the arena of the view; NULL is nothing. */
void mlg_overfit_note(struct mlg_overfit_outcome *outcome, const char *text);

/* Is it the name of a column that has none, as that of pandas' index? Nobody can name it. */
static inline bool mlg_overfit_is_unnamed(const char *column)
{
    return column[strspn(column, " \t")] == '\0';
}

/* train - held-out where more is better, else held-out - train: 1 or -1 times (train - held-out). */
static inline double mlg_overfit_sign(const struct mlg_call *inner)
{
    return inner->metric->direction == MLG_LOWER_IS_BETTER ? -1 : 1;
}

#endif
