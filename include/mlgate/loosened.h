/* loosened: what one configuration asks less than another one did.
 *
 * Always true: final values are compared, after inheritance and presets, so that a value that is lowered
 * where nothing takes it is nothing; which change of a value asks for less stands in its row (`weaker` of
 * param.h); every finding has a place in both files; what cannot be compared for sure is told as weaker or
 * as a note, never left out. The same two suites give the same findings in the same order.
 */
#ifndef MLGATE_LOOSENED_H
#define MLGATE_LOOSENED_H

#include <stdbool.h>
#include <stddef.h>

#include "mlgate/arena.h"
#include "mlgate/error.h"
#include "mlgate/suite.h"
#include "mlgate/text.h"

struct mlg_loosening {
    bool is_note;      /* it asks for something else, which may be less: nobody has to say why */
    bool warns;        /* it asks for more, which leaves failures inconclusive, and those only warn */
    const char *gate;  /* the name of the gate that it is of; NULL: none */
    const char *data;  /* the name of the data source that it is of; NULL: none */
    const char *check; /* as it is written; of several the first; NULL: none */
    size_t checks;     /* how many checks it is about; 0: none */
    const char *key;   /* the row; "limit", "gate", "waiver" */
    const char *before, *after; /* values; NULL: there is none */
    const char *text;           /* a sentence */
    struct mlg_place was, is;   /* of what is built in or gone: what it stood in */
    const char *because;        /* newly written beside it; NULL: nothing is */
    bool has_old_because;       /* a reason stands there that the old file has somewhere: it is not of this */
};

struct mlg_loosened {
    const char *before, *after; /* the paths of the two files */
    struct mlg_loosening *items;
    size_t count;
    size_t weaker, unexplained, notes;
};

/* MLG_LIMIT: no memory. */
int mlg_loosened_find(const struct mlg_suite *before, const struct mlg_suite *after, struct mlg_arena *arena,
                      struct mlg_loosened *loosened, struct mlg_error *error);

/* What has no reason first, then what has one, then notes. The Markdown is for a comment or a summary, and
 * leaves out rows that are beyond MLG_LOOSENED_SHOWN or for which MLG_LOOSENED_ROOM bytes are too few; it
 * counts them. */
enum { MLG_LOOSENED_SHOWN = 50, MLG_LOOSENED_ROOM = 60 * 1024 };
void mlg_loosened_put_text(const struct mlg_loosened *loosened, struct mlg_builder *out);
void mlg_loosened_put_markdown(const struct mlg_loosened *loosened, struct mlg_builder *out);
void mlg_loosened_put_json(const struct mlg_loosened *loosened, struct mlg_builder *out);

#endif
