/* disparity_private: what the files of disparities share. */
#ifndef MLGATE_STATS_DISPARITY_PRIVATE_H
#define MLGATE_STATS_DISPARITY_PRIVATE_H

#include "comparison.h"
#include "family.h"

/* What a kernel that measures no parts tells of each group: a rate that is natural to it, by name, and if it
 * makes no mlg_compare the two groups that its value is of, and how far each is from the furthest. */
struct mlg_shown {
    size_t part_count;
    const char **names;
    struct mlg_evidence **parts; /* [part][group] */
    bool has_pair;
    size_t a, b;
    double *apart; /* [group]; NULL: from the parts */
};

/* Everything an evaluation is about. */
struct mlg_setting {
    const struct mlg_call *call;
    const struct mlg_view *view;
    const struct mlg_groups *groups;
    const struct mlg_call *calls; /* what is measured of every group: the call's parts, class by class */
    const char **names;
    size_t part_count;
    struct mlg_evidence **parts; /* [part][group], and behind them all rows, where they were asked for */
    struct mlg_shown *shown;
    struct mlg_arena *arena;
};

struct mlg_disparity_kernel {
    const char *ending;       /* RATE's: "_difference"; NULL: the whole name is one */
    const char *const *parts; /* names of metrics, where the whole name is one; NULL-terminated, or NULL */
    enum mlg_form form;
    bool largest;
    bool is_signed;     /* against the reference, with its sign */
    bool always_mean;   /* agg=mean, whatever was written */
    bool of_all_rows;   /* the groups do not matter */
    bool one_group;     /* has a meaning with a single group */
    unsigned reads;     /* what `evaluate` itself reads */
    unsigned keep;      /* what it needs to be kept */
    bool tally;         /* it reads tallies */
    const char *member; /* what `evaluate` compares of each group, each with evidence of its own; or NULL */
    /* NULL: the parts are compared. */
    int (*evaluate)(const struct mlg_setting *setting, struct mlg_evidence *evidence,
                    struct mlg_error *error);
};

/* The comparison that the call and the groups ask for, without panels. */
struct mlg_comparison mlg_disparity_comparison(const struct mlg_setting *setting);

/* Room for `parts` parts of each group in `shown`; false: no memory. */
bool mlg_show_parts(const struct mlg_setting *setting, size_t parts);
/* A share of whole rows, or of weights, as evidence of a group. */
struct mlg_evidence mlg_show_share(double of, double all, bool counted, uint64_t rows);

/* The view of one group's rows; groups->count: all rows. */
struct mlg_view mlg_group_view(const struct mlg_setting *setting, size_t group);
/* For sentences: a long name is cut at a character and ends in "…". */
const char *mlg_group_name(const struct mlg_setting *setting, size_t group);

/* Label x prediction of one group, as weights (rows where there are none): of the positive class and the
 * rest. */
struct mlg_square {
    double tp, fp, fn, tn;
    double tp2, fp2, fn2, tn2; /* sums of squared weights */
    uint64_t rows, errors;     /* in rows: all, and those of fp and fn */
};
bool mlg_group_square(const struct mlg_setting *setting, size_t group, struct mlg_square *square);

/* Students' t bounds from a standard error, or none where it is 0 or not known. */
void mlg_disparity_normal(struct mlg_evidence *evidence, double variance, uint64_t rows);

#endif
