/* column_profile: columns that tell rows apart by where they stand and not by what they are: one that counts
 * the rows of its file, one that says which file it is, one that names every row. Private to lib/stats.
 *
 * Always true: what is said does not depend on threads. A column that was refuted costs nothing more, which
 * most are after a few rows. */
#ifndef MLGATE_STATS_COLUMN_PROFILE_H
#define MLGATE_STATS_COLUMN_PROFILE_H

#include "mlgate/scan.h"
#include "row_hash.h"

enum { MLG_PROFILE_ROWS = 10 }; /* of fewer rows nothing is said: few numbers may count by chance */

struct mlg_column_traits {
    bool grows;    /* integers, each more than that of the row before */
    int64_t span;  /* ... the last less the first */
    bool constant; /* all cells are equal, to `value` */
    struct mlg_hash value;
    /* No cell is missing or a fraction, and none of those that were looked at occurs twice: a sample, so that
     * it is to be made sure of. */
    bool may_name;
};

/* Set the first members, hand `observer` to mlg_plan_observe. */
struct mlg_column_profile {
    struct mlg_hash_key key;
    char decimal;
    const char *const *columns;
    size_t column_count;
    struct mlg_arena *arena;

    struct mlg_observer observer;
    bool ended;
    uint64_t rows;
    struct mlg_column_traits *traits; /* [column]; NULL: nothing is known */
};

/* Fills `observer` from the first members. */
void mlg_column_profile_observe(struct mlg_column_profile *profile);
/* What it says of a column; NULL: it is none of its columns, or there were too few rows to say. */
const struct mlg_column_traits *mlg_column_traits_of(const struct mlg_column_profile *profile,
                                                     const char *column);

#endif
