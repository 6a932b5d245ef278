/* contrast: two independent samples against each other, as a difference or as a ratio.
 *
 * Always true: `confidence` is that of each bound by itself (one-sided); lower <= value <= upper; a ratio's
 * upper bound is infinite where the data cannot bound it; counts need not be whole, so that the same formula
 * tells what more rows of the same kind would give. All are pure functions.
 */
#ifndef MLGATE_CONTRAST_H
#define MLGATE_CONTRAST_H

#include "mlgate/interval.h"

/* a - b. Newcombe 1998, Statistics in Medicine 17:873, method 10 (Wilson's limits, combined). */
struct mlg_limits mlg_newcombe(struct mlg_rate a, struct mlg_rate b, double confidence);
/* a - b. Miettinen and Nurminen 1985, Statistics in Medicine 4:213: where the score at the restricted maximum
 * likelihood estimate (closed form of Farrington and Manning 1990) reaches the quantile. */
struct mlg_limits mlg_miettinen_nurminen(struct mlg_rate a, struct mlg_rate b, double confidence);
/* a / b. Koopman 1984, Biometrics 40:513: the same for the ratio. Nothing of nothing (0/0) has value NaN and
 * bounds 0 and infinity. */
struct mlg_limits mlg_koopman(struct mlg_rate a, struct mlg_rate b, double confidence);
/* a / b. Katz et al. 1978, Biometrics 34:469: normal on the log scale; no bounds (0 and infinity) where a
 * count is 0. */
struct mlg_limits mlg_katz(struct mlg_rate a, struct mlg_rate b, double confidence);

/* Koopman's score of the hypothesis a / b = ratio: positive where the data lie above. The lower bound at a
 * confidence is above `ratio` exactly where this is above the normal quantile. */
double mlg_koopman_score(struct mlg_rate a, struct mlg_rate b, double ratio);
/* Miettinen and Nurminen's score of a - b = difference. */
double mlg_miettinen_nurminen_score(struct mlg_rate a, struct mlg_rate b, double difference);

/* a - b and a / b (both >= 0, the lower bound of a may be negative) from each one's own bounds: the method of
 * variance estimates recovery, Zou and Donner 2008, Statistics in Medicine 27:1693; Donner and Zou 2012,
 * Statistical Methods in Medical Research 21:347. */
struct mlg_limits mlg_mover_difference(struct mlg_limits a, struct mlg_limits b);
struct mlg_limits mlg_mover_ratio(struct mlg_limits a, struct mlg_limits b);

/* Are the two rates equal? Fisher's exact p, two-sided (the sum of all tables that are no likelier), for
 * whole counts of at most 2^31; and the pooled z statistic, positive where a is the higher rate, 0 where both
 * are 0 or 1. */
double mlg_fisher_exact(struct mlg_rate a, struct mlg_rate b);
double mlg_pooled_z(struct mlg_rate a, struct mlg_rate b);

#endif
