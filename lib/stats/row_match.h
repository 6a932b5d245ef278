/* row_match: which rows of two sources are equal. Private to lib/stats.
 *
 * While a source is read, every row leaves 24 bytes behind: a 128-bit keyed hash of its cells in their
 * canonical form (row_hash.h) and its position; 8 more where labels are compared. Equal hashes make a group;
 * what is found out of the groups does not depend on threads or on the order of rows. A second look at the
 * files (mlg_rows_confirm) makes sure that the cells behind equal hashes are equal, and names rows.
 *
 * Always true: a pile fails for itself alone (`failed`), never the scan that fills it. */
#ifndef MLGATE_STATS_ROW_MATCH_H
#define MLGATE_STATS_ROW_MATCH_H

#include "mlgate/scan.h"
#include "row_hash.h"

enum { MLG_PILE_PARTS = 1024, MLG_PILE_ROWS = 200 * 1000 * 1000 };

/* The rows of one source. Set the first members, hand `observer` to mlg_plan_observe with `context` the pile;
 * the other members are filled at the end of the scan. */
struct mlg_row_pile {
    struct mlg_hash_key key;
    char decimal;
    bool labels;         /* the last column is no part of the row: it is the row's label */
    bool in_order;       /* `order` is wanted */
    bool skips_missing;  /* rows whose first cell is missing are counted alone */
    size_t column_count; /* with the label */
    unsigned threads;
    size_t most;             /* rows; 0: MLG_PILE_ROWS */
    struct mlg_arena *arena; /* where the rows stand in the end */

    bool ended;
    const char *failed; /* why there is nothing here, as a sentence's end; NULL: there is */
    size_t stride;   /* words per row: hash, hash, position and, with labels, the label's hash (0: missing) */
    uint64_t *words; /* rows, those of one part of all hashes together */
    size_t count;
    uint64_t missing; /* rows that were skipped */
    size_t starts[MLG_PILE_PARTS + 1];
    uint64_t *order; /* positions in the order of the scan's kept rows; NULL: not wanted */
};

/* The observer's functions; `context` is the pile. */
void *mlg_pile_begin(void *context);
int mlg_pile_observe(void *worker, const struct mlg_observed *rows, struct mlg_error *error);
int mlg_pile_end(void *context, void *const *workers, size_t worker_count, struct mlg_error *error);
void mlg_pile_release(void *worker);
static inline struct mlg_observer mlg_pile_observer(struct mlg_row_pile *pile, const char *const *columns)
{
    return (struct mlg_observer){.columns = columns,
                                 .column_count = pile->column_count,
                                 .context = pile,
                                 .begin = mlg_pile_begin,
                                 .observe = mlg_pile_observe,
                                 .end = mlg_pile_end,
                                 .release = mlg_pile_release};
}

/* Empties it, to be filled anew. */
void mlg_pile_empty(struct mlg_row_pile *pile);
/* The positions of its rows in rising order; the caller frees them. NULL: no memory. */
uint64_t *mlg_pile_positions(const struct mlg_row_pile *pile);

/* ---- what two piles have in common --------------------------------------------------------------- */

enum { MLG_PAIRS = 10 };

/* A held-out row and the row that it equals. */
struct mlg_row_pair {
    uint64_t row, as;
};
/* The first few by place, and how many there are in all. */
struct mlg_row_pairs {
    struct mlg_row_pair first[MLG_PAIRS];
    size_t listed;
    uint64_t count;
};
void mlg_add_pair(struct mlg_row_pairs *pairs, struct mlg_row_pair pair); /* `count` is the caller's */
/* A value that both sources have. */
struct mlg_shared_value {
    struct mlg_hash hash;
    uint64_t held_out, train; /* rows */
    uint64_t first;           /* position of its first held-out row */
};

enum mlg_match_wants {
    MLG_WANTS_OVERLAP = 1,
    MLG_WANTS_DUPLICATES = 2,
    MLG_WANTS_TWINS = 4, /* of train; each says which groups a second look confirms */
    MLG_WANTS_PLACES = 8 /* overlap_places, duplicate_places */
};

/* How many different rows occur so many times, and how many rows these are: [c - 1] c times, up to
 * MLG_TIMES_APART; behind them each time up to twice as many. */
enum { MLG_TIMES_APART = 64, MLG_TIMES = MLG_TIMES_APART + 64 };
struct mlg_row_times {
    uint64_t groups[MLG_TIMES], rows[MLG_TIMES];
};

struct mlg_row_match {
    uint64_t held_out_rows, train_rows;
    struct mlg_row_pairs overlap;    /* held-out rows equal to one of train */
    struct mlg_row_pairs duplicates; /* held-out rows equal to an earlier one */
    struct mlg_row_pairs conflicts;  /* held-out rows equal to one of train but for the label */
    uint64_t singles, doubles; /* rows that occur in train once; different rows that occur in it twice */
    struct mlg_row_times held_out_times, train_times;
    uint64_t shared;                         /* different rows that both have */
    struct mlg_shared_value most[MLG_PAIRS]; /* those with most held-out rows */
    size_t most_count;

    /* Positions, rising, of all held-out rows that are counted in overlap and in duplicates. */
    struct mlg_positions {
        uint64_t *items;
        size_t count;
    } overlap_places, duplicate_places;

    /* What a second look confirms: hashes, and the positions of their rows in rising order. */
    struct mlg_hash *groups;
    size_t group_count;
    struct mlg_positions held_out, train;
    bool is_partial; /* there are more, which it does not */
};

enum { MLG_MATCH_CONFIRMED = 32 * 1000 * 1000 }; /* rows of each source */

/* `train` may be NULL. False: no memory. */
bool mlg_rows_match(const struct mlg_row_pile *held_out, const struct mlg_row_pile *train, unsigned wants,
                    unsigned threads, struct mlg_row_match *match);
void mlg_row_match_free(struct mlg_row_match *match);

#endif
