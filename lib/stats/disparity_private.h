/* disparity_private: what the files of disparities share. */
#ifndef MLGATE_STATS_DISPARITY_PRIVATE_H
#define MLGATE_STATS_DISPARITY_PRIVATE_H

#include "comparison.h"
#include "family.h"

/* Everything an evaluation is about. */
struct mlg_setting {
    const struct mlg_call *call;
    const struct mlg_view *view;
    const struct mlg_groups *groups;
    const struct mlg_call *calls; /* what is measured of every group: the call's parts, class by class */
    const char **names;
    size_t part_count;
    struct mlg_evidence **parts; /* [part][group], and behind them all rows, where they were asked for */
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

/* The view of one group's rows; groups->count: all rows. */
struct mlg_view mlg_group_view(const struct mlg_setting *setting, size_t group);
/* For sentences: a long name is cut at a character and ends in "…". */
const char *mlg_group_name(const struct mlg_setting *setting, size_t group);

/* "5,100", for sentences. */
const char *mlg_count_text(uint64_t count, struct mlg_arena *arena);

/* Label x prediction of one group, as weights (rows where there are none): of the positive class and the
 * rest. */
struct mlg_square {
    double tp, fp, fn, tn;
    double tp2, fp2, fn2, tn2; /* sums of squared weights */
    uint64_t rows;
};
bool mlg_group_square(const struct mlg_setting *setting, size_t group, struct mlg_square *square);

/* Students' t bounds from a standard error, or none where it is 0 or not known. */
void mlg_disparity_normal(struct mlg_evidence *evidence, double variance, uint64_t rows);

#endif
