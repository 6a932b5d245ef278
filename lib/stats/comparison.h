/* comparison: many groups against each other, as evidence. Private to lib/stats.
 *
 * What is judged is the largest (or smallest) of many contrasts: every pair's difference, every group against
 * the rest, each group by itself. Two one-sided claims are made of it, each with its own error rate alpha:
 *
 *   all contrasts are inside    each contrast at alpha: intersection-union (Berger 1982), no correction
 *   some contrast is beyond     each at alpha / contrasts: the first step of Holm 1979
 *
 * A pair can be beyond in two directions. The direction that is not near the limit adds to the error only as
 * much as the limit's distance from parity lets it: with s that distance twice, in standard errors of the
 * widest pair, each direction has the level a with a + P(Z > z_a + s) = alpha / contrasts. At parity that is
 * the half, far from it the whole.
 *
 * Two members that are both entangled are not independent, and how they hang together is not known: their own
 * bounds are combined as if the errors were opposed (correlation -1), which is the widest they can be.
 *
 * A ratio to 0 is no number: where nothing happened in any group, or not in the reference, the whole is
 * undefined, even if another panel has a value.
 *
 * Always true: the bounds enclose the value; a value is compared with its limit in integers where it is a
 * ratio of counts; the state lives in the arena that was given and belongs to one thread. */
#ifndef MLGATE_STATS_COMPARISON_H
#define MLGATE_STATS_COMPARISON_H

#include "mlgate/disparity.h"

/* Under so many in one of a pair's four cells (each one's successes and failures) the score intervals of two
 * proportions can miss by more than a few hundredths of alpha; Clopper-Pearson's limits, combined, do not.
 * Found by enumeration; docs/fairness.md has the table. */
enum { MLG_SMALL_CELL = 50 };
bool mlg_pair_is_small(struct mlg_rate a, struct mlg_rate b);

/* A group's value and what its bounds rest on. */
struct mlg_member {
    double value;
    bool counted;                        /* successes of trials, in whole rows */
    struct mlg_rate rate;                /* counted */
    const struct mlg_evidence *evidence; /* bounds of its own; NULL: counted */
    bool is_entangled;                   /* others have rows of its clusters: see above */
};

enum mlg_form { MLG_FORM_DIFFERENCE, MLG_FORM_RATIO, MLG_FORM_ITSELF };
enum mlg_against { MLG_AGAINST_EACH_OTHER, MLG_AGAINST_OVERALL, MLG_AGAINST_REFERENCE };

/* The groups' values of one quantity. */
struct mlg_panel {
    const char *name;                 /* of the quantity, for sentences; NULL: it is the only one */
    const struct mlg_member *members; /* [count] */
    size_t count;
    size_t reference;                 /* MLG_AGAINST_REFERENCE: index of a member */
    const struct mlg_member *overall; /* MLG_AGAINST_OVERALL: of all groups together */
};

struct mlg_comparison {
    enum mlg_form form;
    enum mlg_against against;
    bool largest;   /* the largest contrast is judged, else the smallest */
    bool both_ways; /* both directions of a contrast with one other count: |a - b|, a/b or b/a */
    bool mean;      /* of the panels' extremes, instead of the extreme over all panels */
    const struct mlg_panel *panels;
    size_t panel_count;
    int method;     /* as asked for; MLG_METHOD_COUNT: auto */
    bool has_limit; /* what the value is to be compared with, for the two directions; else parity */
    double limit;
};

/* Fills kind, value, numerator and denominator or fractions, method and bounds; the range of `evidence`
 * stands. A contrast without bounds leaves a value only. Every value is defined, there are two members at
 * least (one for MLG_FORM_ITSELF). Nonzero: no memory. */
int mlg_compare(const struct mlg_comparison *comparison, struct mlg_evidence *evidence,
                struct mlg_arena *arena, struct mlg_error *error);

/* See mlg_disparity_deciding; the evidence was made by mlg_compare. `only` is a panel, or SIZE_MAX: all. */
struct mlg_deciding mlg_comparison_deciding(const struct mlg_evidence *evidence, double confidence,
                                            enum mlg_telling telling, size_t only);
/* The only panel of such evidence, or NULL where there are several. */
const struct mlg_panel *mlg_comparison_panel(const struct mlg_evidence *evidence);
/* Is the evidence made by mlg_compare, so that the above may be asked? */
bool mlg_is_comparison(const struct mlg_evidence *evidence);

#endif
