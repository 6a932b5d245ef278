/* changes: what is not the same in two finished suites.
 *
 * Always true: checks are matched by their id; those that are left over, by gate, quantity, arguments, slice
 * and direction, so that another limit is a change and no coming and going. Worse is a check that passed and
 * does not any more, and one that could block and is gone or not enforced any more; nothing else is. A pure
 * function of both suites: the same two give the same bytes.
 */
#ifndef MLGATE_CHANGES_H
#define MLGATE_CHANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "mlgate/arena.h"
#include "mlgate/error.h"
#include "mlgate/results.h"
#include "mlgate/text.h"

/* What the intervals say of a value that is another one. */
enum mlg_movement {
    MLG_MOVEMENT_NONE,    /* it is the same */
    MLG_MOVEMENT_EXACT,   /* it has no sampling error: it is another one */
    MLG_MOVEMENT_BEYOND,  /* the intervals do not overlap */
    MLG_MOVEMENT_WITHIN,  /* they do: chance may be all of it */
    MLG_MOVEMENT_UNKNOWN, /* a value or an interval is missing */
    MLG_MOVEMENTS
};

/* In the order in which they are shown. */
enum mlg_change_kind {
    MLG_CHANGE_WORSE,
    MLG_CHANGE_BETTER, /* it did not pass and does now */
    MLG_CHANGE_OTHER,  /* another verdict among those that are no pass, another limit, another policy */
    MLG_CHANGE_GONE,   /* and could not block */
    MLG_CHANGE_NEW,
    MLG_CHANGE_MOVED, /* the value alone */
    MLG_CHANGE_NONE,
    MLG_CHANGES
};

struct mlg_check_change {
    const struct mlg_check_result *before, *after; /* NULL: there is none */
    const char *gate;
    bool is_reported; /* a quantity without a limit */
    enum mlg_change_kind kind;
    enum mlg_movement movement;
    int limit;        /* -1: asks for less than before, 1: for more, 0: the same */
    const char *text; /* what changed, without the id */
};

/* Something of the suite, or of what it read. */
struct mlg_fact_change {
    const char *what;           /* "verdict", "config", "data test" */
    const char *before, *after; /* NULL: there is none */
};

struct mlg_changes {
    const struct mlg_results *before, *after;
    struct mlg_fact_change *facts;
    size_t fact_count, fact_capacity;
    struct mlg_check_change *checks; /* in the order of `after`; those that are gone follow */
    size_t check_count;
    size_t counts[MLG_CHANGES];
    bool worse;
};

/* MLG_LIMIT: no memory. */
int mlg_changes_find(const struct mlg_results *before, const struct mlg_results *after,
                     struct mlg_arena *arena, struct mlg_changes *changes, struct mlg_error *error);

/* The Markdown is for a comment or a summary, and leaves out rows that are beyond MLG_CHANGES_SHOWN or for
 * which MLG_CHANGES_ROOM bytes are too few; it counts them. */
enum { MLG_CHANGES_SHOWN = 50, MLG_CHANGES_ROOM = 60 * 1024 };
void mlg_changes_put_text(const struct mlg_changes *changes, struct mlg_builder *out);
void mlg_changes_put_markdown(const struct mlg_changes *changes, struct mlg_builder *out);
void mlg_changes_put_json(const struct mlg_changes *changes, struct mlg_builder *out);

#endif
