/* row_look: another look at a source that was read: what certain rows are called, and whether the cells
 * behind equal hashes are equal. Private to lib/stats.
 *
 * Always true: what is found does not depend on threads; a source that cannot be read again, or that says
 * another thing than before, is no error but a look that was not had (`seen` false). */
#ifndef MLGATE_STATS_ROW_LOOK_H
#define MLGATE_STATS_ROW_LOOK_H

#include "mlgate/overfit.h"
#include "row_hash.h"

enum { MLG_LOOKED_TEXT = 96 };

/* A row that is wanted by its position, and what it is. */
struct mlg_looked {
    uint64_t position;
    bool seen;
    unsigned long line;         /* 0: not known */
    char id[MLG_LOOKED_TEXT];   /* as written; "": the source has none */
    char cell[MLG_LOOKED_TEXT]; /* of the first column */
};

/* Rows by their hashes: of each hash the first row that is met stays, and others are compared with it. */
struct mlg_confirmation;
/* Of these hashes, whatever sources are looked at; holds at most `most` bytes of cells (0: 256 MiB). NULL: no
 * memory. */
struct mlg_confirmation *mlg_confirmation_new(const struct mlg_hash *hashes, size_t count, size_t most);
void mlg_confirmation_free(struct mlg_confirmation *confirmation);
/* From several threads at once. False: the hash is not among them. */
bool mlg_confirm_row(struct mlg_confirmation *confirmation, struct mlg_hash hash,
                     const struct mlg_row_words *row);
/* Two rows had one hash and different cells. */
bool mlg_confirmation_refuted(const struct mlg_confirmation *confirmation);
/* Cells were more than are held: some hashes were not looked behind. */
bool mlg_confirmation_partial(const struct mlg_confirmation *confirmation);

/* The sum of the hashes of all rows: the same for the same rows in any order. */
struct mlg_row_sum {
    uint64_t rows, words[2];
};

struct mlg_row_look {
    struct mlg_overfit_view *view; /* reopen, threads */
    const char *source;
    struct mlg_hash_key key;
    char decimal;
    const char *const *columns;
    size_t column_count;
    const char *id; /* column; NULL: the source has none */
    struct mlg_looked
        *rows; /* sorted by position, each once; `column_count` may be 0 for their lines alone */
    size_t row_count;
    struct mlg_confirmation *confirmation; /* NULL: none; of these rows, by rising positions */
    const uint64_t *confirmed;
    size_t confirmed_count;
    struct mlg_row_sum *sum; /* NULL: not wanted */
};

/* False: there was none. Nothing that was filled is then to be used. */
bool mlg_row_look(const struct mlg_row_look *look);

/* Shows an observer these rows, by rising positions, once more (`positions` NULL: all). False: it cannot be
 * done, or they are not there; the observer has then not ended. */
bool mlg_rows_again(struct mlg_overfit_view *view, const char *source, const struct mlg_observer *observer,
                    const uint64_t *positions, size_t count);

/* Sorts rows by position and drops doubles; returns how many there are. */
size_t mlg_looked_sort(struct mlg_looked *rows, size_t count);
/* NULL: it is not among them, or was not seen. */
const struct mlg_looked *mlg_looked_find(const struct mlg_looked *rows, size_t count, uint64_t position);

/* "id 17" or "line 12"; NULL: it is not known. */
const char *mlg_looked_name(const struct mlg_looked *rows, size_t count, uint64_t position,
                            struct mlg_arena *arena);
/* The file of a source, without its folders. */
const char *mlg_looked_file(const struct mlg_data *data);

#endif
