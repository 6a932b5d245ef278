/* clock: the day on which a suite runs. */
#ifndef MLGATE_JUDGE_CLOCK_H
#define MLGATE_JUDGE_CLOCK_H

#include "mlgate/run.h"

enum { MLG_DATE_SIZE = 11 };

/* YYYY-MM-DD, in UTC; "9999-12-31" where there is no clock, so that every waiver is expired. */
void mlg_today(const struct mlg_world *world, char out[MLG_DATE_SIZE]);

#endif
