/* distribution: the few distribution functions that intervals need.
 *
 * Accuracy: relative 1e-13 against 40-digit reference values over the ranges that the tests name.
 * All are pure functions; arguments out of range give NaN.
 */
#ifndef MLGATE_DISTRIBUTION_H
#define MLGATE_DISTRIBUTION_H

double mlg_normal_cdf(double x);
double mlg_normal_quantile(double probability);
double mlg_t_quantile(double probability, double degrees); /* degrees may be fractional or infinite */
double mlg_t_cdf(double x, double degrees);
double mlg_beta_cdf(double x, double a, double b); /* regularised incomplete beta */
double mlg_beta_quantile(double probability, double a, double b);
double mlg_log_gamma(double x); /* x > 0; ours, without signgam */

#endif
