/* disparity: quantities of groups of people (or things), and how far they lie apart.
 *
 * The table (disparities.def) is the fairness gate's catalogue. Most rows are made of a quantity of the
 * accuracy gate, called RATE: RATE_difference, RATE_ratio, RATE_group_min ... mean every quantity of
 * metrics.def with that ending, as in selection_rate_ratio or mae_group_max.
 *
 * Always true: a group whose quantity is undefined makes the whole undefined, with the group named; what is
 * left out is left out by the caller, who tells it; evaluate is a pure function of the view.
 */
#ifndef MLGATE_DISPARITY_H
#define MLGATE_DISPARITY_H

#include <stdbool.h>
#include <stddef.h>

#include "mlgate/contrast.h"
#include "mlgate/metric.h"

enum { MLG_GROUPS = 10000 };

struct mlg_group {
    size_t slicing, slice; /* of the scan: its rows */
    const char *name;      /* "sex=Female, race=Black" */
};

/* What one check compares: the groups of one attribute, within all rows or within one slice. */
struct mlg_groups {
    const struct mlg_group *items; /* that count */
    size_t count;
    size_t slicing, slice; /* all rows together, groups that are left out among them */
    /* conditional_demographic_disparity: group x stratum, as slices of the scan; count 0: no strata. Cell i
     * belongs to groups.items[cells[i].group] and to stratum cells[i].stratum of strata_count. */
    const struct mlg_cell {
        size_t group, stratum, slicing, slice;
    } * cells;
    size_t cell_count, strata_count;
    int64_t reference;              /* index in items of reference=, or -1 */
    int method;                     /* interval: as asked for; MLG_METHOD_COUNT: auto */
    enum mlg_comparator comparator; /* of the check; none: it is reported only */
    double limit;
};

/* What was found out on the way, for reports; in the view's scratch memory. */
struct mlg_outcome {
    size_t part_count; /* quantities per group: two for equalized odds, 0 where there is none */
    const char *const *part_names;
    const struct mlg_call *calls; /* [part]; NULL: no metric is a part */
    struct mlg_evidence **parts;  /* [part][group], and behind them all rows where they are compared with */
    bool too_few;                 /* groups to compare: the parts are all that is known */
    bool has_pair;                /* the value is no comparison of the parts, and is of the groups a and b */
    size_t a, b;
    const double *apart; /* [group] how far it is from the furthest; NULL: by the parts */
};

/* All rows of disparities.def, NULL-terminated. Their names begin with RATE where they are made of one. */
extern const struct mlg_metric *const mlg_disparities[];

/* By its whole name or alias, or by the longest ending that fits; `*rate` is then the gate's word for what
 * stands before it (tpr of equal_opportunity_difference), in the arena, else NULL. NULL: there is none. */
const struct mlg_metric *mlg_disparity_find(const char *name, struct mlg_arena *arena, const char **rate);
/* "_difference" of RATE_difference; NULL: it is not made of a rate. */
const char *mlg_disparity_ending(const struct mlg_metric *disparity);
/* What is called `name` in another library, with another sign or for two groups alone; NULL: nothing. */
const char *mlg_disparity_elsewhere(const char *name);
/* Which class the check is about: `*name`, or NULL where it is not known. True: each class in turn. */
bool mlg_disparity_class(const struct mlg_call *call, const struct mlg_scan *scan, const char **name);
/* What was probably meant by a name that there is not: what other libraries call it, or the nearest one. */
const char *mlg_disparity_nearest(const char *name, struct mlg_arena *arena);

/* What a check's quantity means here. `*name` is its canonical name, in the arena. Errors as
 * mlg_call_resolve. */
int mlg_disparity_resolve(const struct mlg_check *check, struct mlg_arena *arena, struct mlg_call *call,
                          const char **name, struct mlg_error *error);
/* Asks for the roles and accumulators of every part. */
int mlg_disparity_plan(struct mlg_call *call, struct mlg_plan *plan, struct mlg_error *error);
/* What it reads of a row beside the groups: enum mlg_reads. */
unsigned mlg_disparity_reads(const struct mlg_call *call);
/* Is it about all rows, whatever the groups (generalized_entropy, theil)? */
bool mlg_disparity_is_of_all_rows(const struct mlg_call *call);
/* Is it nothing without a reference group, the check's own or one that the caller has
 * (tpr_signed_difference)? */
bool mlg_disparity_needs_reference(const struct mlg_call *call);
/* Of a group's own value (tpr_group_min) that of the rate. */
enum mlg_direction mlg_disparity_direction(const struct mlg_call *call);
/* Has it a meaning without a limit in that direction: which of the two bounds tells of a violation? */
bool mlg_disparity_is_lower_better(const struct mlg_call *call);
/* Can its interval be asked for by this method (MLG_METHOD_COUNT: auto)? A method of one group makes the
 * bounds of two; one of two groups is for their difference or for their ratio. */
bool mlg_disparity_takes(const struct mlg_call *call, int method);
/* The values that the call can take. */
void mlg_disparity_range(const struct mlg_call *call, double *minimum, double *maximum);

int mlg_disparity_evaluate(const struct mlg_call *call, struct mlg_view *view,
                           const struct mlg_groups *groups, struct mlg_evidence *evidence,
                           struct mlg_outcome *outcome, struct mlg_error *error);

/* How far a group is from what it is compared with, as the quantity defines it: a distance, a ratio (of two
 * groups the smaller over the larger, of a reference group / reference), or signed, group - reference. */
struct mlg_apart {
    double value;   /* NaN or infinite: no number */
    double badness; /* groups with more of it are told of first, */
    double second;  /* and of equal ones those with more of this */
};
/* Fills `apart`, one for every group. Returns what they are compared with: "best", "highest" or "lowest"
 * group, the "furthest" one where no direction is better, "all rows", or the reference's name; NULL: with
 * nothing. */
const char *mlg_disparity_apart(const struct mlg_call *call, const struct mlg_groups *groups,
                                const struct mlg_outcome *outcome, size_t part, struct mlg_apart *apart);

/* Which two groups are told of: those that stand most in the way of "all inside", those that are beyond the
 * limit (that the value is of, else with the strongest proof), or those that the value is of, bounds or not.
 */
enum mlg_telling { MLG_TELL_INSIDE, MLG_TELL_BEYOND, MLG_TELL_VALUE };

/* `b` is groups->count where a group is compared with all rows, and equal to `a` where a group stands by
 * itself. Without bounds only MLG_TELL_VALUE can be asked for. False: the value is no comparison of groups.
 */
struct mlg_deciding {
    size_t part, a, b;
    struct mlg_limits limits; /* of the contrast, each at the confidence that decided; MLG_TELL_VALUE: none */
    enum mlg_method method;
    bool of_mean; /* the value is a mean over the parts, each of its own two groups */
};
bool mlg_disparity_deciding(const struct mlg_evidence *evidence, double confidence, enum mlg_telling telling,
                            struct mlg_deciding *deciding);
/* The two groups that the value of one part is of. */
bool mlg_disparity_deciding_part(const struct mlg_evidence *evidence, size_t part,
                                 struct mlg_deciding *deciding);

#endif
