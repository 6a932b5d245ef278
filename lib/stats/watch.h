/* watch: cells of columns, gathered while a source is read, as numbers or as categories. Private to
 * lib/stats.
 *
 * A column is one of numbers where nine of ten cells of each source that are not missing are numbers, however
 * they are written: the others count as missing. So it is with dates and date-times of ISO 8601, which are
 * seconds then. Else all its cells are texts, and numbers stand for their shortest text, so that 1 and 1.0
 * are one category. Infinities are missing numbers.
 */
#ifndef MLG_STATS_WATCH_H
#define MLG_STATS_WATCH_H

#include "mlgate/scan.h"
#include "simple.h"

#define MLG_WATCH_CELLS 100000000   /* of one source: 8 bytes each */
enum { MLG_WATCH_TEXTS = 1000000 }; /* different ones of one column */

struct mlg_watch;

/* Has these columns of the plan's source gathered; for equal columns of one plan it is the same watch. The
 * columns outlive the scan. */
int mlg_watch_columns(struct mlg_plan *plan, const struct mlg_data *data, const struct mlg_texts *columns,
                      struct mlg_arena *arena, struct mlg_watch **watch, struct mlg_error *error);

/* What was gathered, rows in the order of the scan's kept rows, categories coded alike in both. `train` may
 * be NULL. More than the limits above is an error. */
int mlg_watch_features(struct mlg_watch *held_out, struct mlg_watch *train, struct mlg_arena *arena,
                       struct mlg_features *held_out_features, struct mlg_features *train_features,
                       struct mlg_error *error);
/* For columns that are no features: one text makes all their cells texts. Before mlg_watch_features. */
void mlg_watch_keep_texts(struct mlg_watch *watch);

/* What a reader has to know of cells that are not taken as they stand, in sentences. */
struct mlg_watch_remarks {
    const char *items[2];
    size_t count;
};
/* `train` may have no columns. What there is no memory for is left out. */
void mlg_watch_remark(const struct mlg_features *held_out, const struct mlg_features *train,
                      struct mlg_arena *arena, struct mlg_watch_remarks *remarks);
/* Where each row stands in the file (mlg_batch_position). */
const uint64_t *mlg_watch_positions(const struct mlg_watch *watch, size_t *rows);

#endif
