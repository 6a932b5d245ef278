/* dropped: slices that lost rows which miss a value. A model that answers nothing for a group would else be
 * judged without that group. */
#include <stdlib.h>
#include <string.h>

#include "mlgate/run.h"
#include "mlgate/text.h"

/* The text that was built, in the arena, or without memory `otherwise`. */
static const char *finish(struct mlg_builder *text, const char *otherwise, struct mlg_arena *arena)
{
    const char *copy = text->failed ? NULL : mlg_arena_copy(arena, text->data, text->size);
    mlg_builder_free(text);
    return copy ? copy : otherwise;
}

static double share_of(const struct mlg_slice *slice)
{
    return (double)slice->dropped / (double)(slice->rows + slice->dropped);
}

/* One row alone says nothing about a slice that keeps others: small slices could else lose none. */
static bool is_lost(const struct mlg_scan *scan, const struct mlg_slice *slice)
{
    return slice->dropped > 0 &&
           (slice->rows == 0 || (slice->dropped > 1 && share_of(slice) > scan->data->max_missing));
}

static const char *reason_of(const struct mlg_slice *slice)
{
    const uint64_t lost = slice->dropped;
    if (slice->unmatched == 0)
        return mlg_plural(lost, "misses a value and was dropped", "miss a value and were dropped");
    return slice->unmatched == lost ? mlg_plural(lost, "has no prediction", "have no prediction")
                                    : "have no prediction or miss a value and were dropped";
}

const char *mlg_lost_slice(const struct mlg_scan *scan, const struct mlg_slice *slice, const char *name,
                           struct mlg_arena *arena)
{
    const uint64_t all = slice->rows + slice->dropped;
    struct mlg_builder text;
    if (!is_lost(scan, slice))
        return NULL;
    mlg_builder_init(&text, 0);
    if (slice->rows > 0) {
        mlg_put_count(&text, slice->dropped);
        mlg_put(&text, " of ");
        mlg_put_count(&text, all);
    } else if (all > 1) {
        mlg_put(&text, "all ");
        mlg_put_count(&text, all);
    } else {
        mlg_put(&text, "the only");
    }
    mlg_put_format(&text, " %s of %s %s", mlg_plural(all, "row", "rows"), name ? name : "the slice",
                   reason_of(slice));
    if (slice->rows > 0) {
        mlg_put(&text, ", more than max_missing ");
        mlg_put_number(&text, scan->data->max_missing);
        mlg_put(&text, " allows");
    }
    const char *before = "; missing: ";
    if (slice->unmatched > 0 && slice->unmatched < slice->dropped) {
        mlg_put(&text, "; no prediction: ");
        mlg_put_count(&text, slice->unmatched);
    }
    for (size_t c = 0; slice->missing && c < scan->dropper_count; c++) {
        if (slice->missing[c] == 0)
            continue;
        mlg_put_format(&text, "%s%s ", before, scan->droppers[c]);
        mlg_put_count(&text, slice->missing[c]);
        before = ", ";
    }
    return finish(&text, "too many rows of the slice miss a value and were dropped", arena);
}

/* ---- the slices that a warning names --------------------------------------------------------------- */

struct hit {
    const struct mlg_slice *slice;
    bool is_comparison;
    uint64_t lost, all;
    size_t place;
};

static int by_share(const void *a, const void *b)
{
    const struct hit *x = a, *y = b;
    const double of_x = (double)x->lost / (double)x->all, of_y = (double)y->lost / (double)y->all;
    if (of_x < of_y || of_x > of_y)
        return of_x < of_y ? 1 : -1;
    /* A cross says less than the group that it is a part of. */
    if (x->slice->column_count != y->slice->column_count)
        return x->slice->column_count < y->slice->column_count ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static bool has_value(const struct mlg_slice *slice, const char *column, const char *value)
{
    for (size_t c = 0; c < slice->column_count; c++)
        if (strcmp(slice->columns[c], column) == 0)
            return value && slice->values[c] ? strcmp(slice->values[c], value) == 0
                                             : value == slice->values[c];
    return false;
}

/* Two crosses may have the same columns, in another order. */
static bool same_slice(const struct hit *a, const struct hit *b)
{
    bool same = a->is_comparison == b->is_comparison && a->slice->column_count == b->slice->column_count;
    for (size_t c = 0; same && c < a->slice->column_count; c++)
        same = has_value(b->slice, a->slice->columns[c], a->slice->values[c]);
    return same;
}

static size_t list_hits(const struct mlg_scan *scan, bool unmatched, struct hit *hits)
{
    size_t count = 0;
    for (size_t s = 1; s < scan->slicing_count; s++)
        for (size_t i = 0; i < scan->slicings[s].count; i++) {
            const struct mlg_slice *slice = &scan->slicings[s].items[i];
            const uint64_t dropped = slice->dropped - slice->unmatched;
            const struct hit hit = {.slice = slice,
                                    .is_comparison = scan->slicings[s].slicing->is_comparison,
                                    .lost = unmatched ? slice->unmatched : dropped,
                                    .all = slice->rows + (unmatched ? slice->dropped : dropped),
                                    .place = count};
            if (hit.lost > 0)
                hits[count++] = hit;
        }
    return count;
}

const char *mlg_hit_slices(const struct mlg_scan *scan, bool unmatched, struct mlg_arena *arena)
{
    enum { SHOWN = 3 };
    size_t all = 0, shown[SHOWN], shown_count = 0;
    for (size_t s = 1; s < scan->slicing_count; s++)
        all += scan->slicings[s].count;
    struct hit *hits = calloc(all + 1, sizeof *hits);
    const size_t count = hits ? list_hits(scan, unmatched, hits) : 0;
    if (count > 0)
        qsort(hits, count, sizeof *hits, by_share);
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    for (size_t i = 0; i < count && shown_count < SHOWN; i++) {
        const struct mlg_slice *slice = hits[i].slice;
        bool is_new = true;
        for (size_t k = 0; k < shown_count; k++)
            is_new = is_new && !same_slice(&hits[shown[k]], &hits[i]);
        if (!is_new)
            continue;
        const char *name =
            mlg_slice_text(slice->columns, slice->values, slice->column_count, hits[i].is_comparison, arena);
        mlg_put_format(&text, "%s%s (", shown_count > 0 ? ", " : "; hit most: ", name ? name : "?");
        mlg_put_count(&text, hits[i].lost);
        mlg_put(&text, " of ");
        mlg_put_count(&text, hits[i].all);
        mlg_put(&text, ")");
        shown[shown_count++] = i;
    }
    free(hits);
    return finish(&text, "", arena);
}
