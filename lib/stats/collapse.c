/* Several classes as one: a scan seen as if its favourable classes were one class, positive, and all others
 * another. Counts are added up, kept rows get new codes; nothing is read again. */
#include "scan_private.h"

#include <string.h>

#include "family.h"

enum { UNFAVOURABLE, FAVOURABLE, SIDES };

struct collapse {
    const struct mlg_scan_whole *from;
    struct mlg_scan_whole *to;
    uint32_t *side; /* of a class */
    struct mlg_arena *arena;
};

static bool find_sides(struct collapse *collapse, const struct mlg_texts *labels, struct mlg_error *error)
{
    const struct mlg_classes *classes = &collapse->from->scan.classes;
    size_t favourable = 0;
    collapse->side = MLG_NEW_ARRAY(collapse->arena, uint32_t, classes->count + 1);
    if (!collapse->side)
        return mlg_scan_no_memory(error, collapse->from->scan.data), false;
    for (size_t i = 0; i < labels->count; i++) {
        const int64_t class = mlg_class_find(classes, labels->items[i]);
        if (class < 0) {
            mlg_error_set(error, MLG_CONFIG, "'%s' of 'favourable' is no class of '%s'; classes are %s",
                          labels->items[i], collapse->from->scan.data->name,
                          mlg_sentence_list(collapse->arena, classes->names, classes->count));
            return false;
        }
        favourable += collapse->side[class] != FAVOURABLE;
        collapse->side[class] = FAVOURABLE;
    }
    if (favourable == classes->count) {
        mlg_error_set(
            error, MLG_CONFIG,
            "'favourable' names every class of '%s'; groups can only differ where some class is not",
            collapse->from->scan.data->name);
        return false;
    }
    return true;
}

static bool collapse_classes(struct collapse *collapse)
{
    static const char *names[SIDES] = {[UNFAVOURABLE] = "not favourable", [FAVOURABLE] = "favourable"};
    const struct mlg_classes *from = &collapse->from->scan.classes;
    struct mlg_classes *to = &collapse->to->scan.classes;
    *to = (struct mlg_classes){.count = SIDES,
                               .names = MLG_NEW_ARRAY(collapse->arena, const char *, SIDES),
                               .label_rows = MLG_NEW_ARRAY(collapse->arena, uint64_t, SIDES),
                               .prediction_rows = MLG_NEW_ARRAY(collapse->arena, uint64_t, SIDES),
                               .positive = FAVOURABLE,
                               .positive_given = true,
                               .has_predictions = from->has_predictions};
    if (!to->names || !to->label_rows || !to->prediction_rows)
        return false;
    memcpy(to->names, names, sizeof names);
    for (size_t c = 0; c < from->count; c++) {
        to->label_rows[collapse->side[c]] += from->label_rows[c];
        to->prediction_rows[collapse->side[c]] += from->prediction_rows[c];
    }
    return true;
}

static bool collapse_tally(const struct collapse *collapse, const struct mlg_tally *from,
                           struct mlg_tally *to)
{
    enum { CELLS = SIDES * SIDES };
    uint64_t *count = MLG_NEW_ARRAY(collapse->arena, uint64_t, CELLS);
    double *weights = from->weight ? MLG_NEW_ARRAY(collapse->arena, double, 2 * CELLS) : NULL;
    *to = (struct mlg_tally){.classes = SIDES, .rows = from->rows, .count = count};
    if (!from->count)
        to->count = NULL;
    if (!count || (from->weight && !weights))
        return false;
    if (weights) {
        to->weight = weights;
        to->weight2 = weights + CELLS;
    }
    for (size_t y = 0; from->count && y < from->classes; y++)
        for (size_t p = 0; p < from->classes; p++) {
            const size_t at = y * from->classes + p, into = collapse->side[y] * SIDES + collapse->side[p];
            count[into] += from->count[at];
            if (weights) {
                weights[into] += from->weight[at];
                weights[CELLS + into] += from->weight2[at];
            }
        }
    return true;
}

/* The share of positives is a moment, and the positive class is another one now. */
static struct mlg_moments *positive_moments(const struct collapse *collapse, const struct mlg_tally *tallies,
                                            size_t count)
{
    struct mlg_moments *moments = MLG_NEW_ARRAY(collapse->arena, struct mlg_moments, count);
    for (size_t k = 0; moments && k < count; k++) {
        const uint64_t *cells = tallies[k].count;
        moments[k].n = tallies[k].rows;
        if (cells)
            mlg_sum_add(&moments[k].u[0],
                        (double)(cells[FAVOURABLE * SIDES] + cells[FAVOURABLE * SIDES + FAVOURABLE]));
    }
    return moments;
}

static bool collapse_slicing(struct collapse *collapse, size_t slicing)
{
    const struct mlg_scan_whole *from = collapse->from;
    struct mlg_scan_whole *to = collapse->to;
    const size_t slices = from->scan.slicings[slicing].count, moments = from->plan->moments_count;
    if (!from->tallies[slicing])
        return true;
    to->tallies[slicing] = MLG_NEW_ARRAY(collapse->arena, struct mlg_tally, slices);
    to->moments[slicing] = MLG_NEW_ARRAY(collapse->arena, struct mlg_moments *, moments + 1);
    if (!to->tallies[slicing] || !to->moments[slicing])
        return false;
    for (size_t k = 0; k < slices; k++)
        if (!collapse_tally(collapse, &from->tallies[slicing][k], &to->tallies[slicing][k]))
            return false;
    for (size_t m = 0; m < moments; m++) {
        to->moments[slicing][m] = from->moments[slicing][m];
        if (from->plan->moments[m].terms == &mlg_family_positive &&
            !(to->moments[slicing][m] = positive_moments(collapse, to->tallies[slicing], slices)))
            return false;
    }
    return true;
}

static bool collapse_codes(const struct collapse *collapse, const uint16_t *from, const uint16_t **to)
{
    const size_t count = collapse->from->scan.kept.count;
    uint16_t *codes = from ? MLG_NEW_ARRAY(collapse->arena, uint16_t, count + 1) : NULL;
    for (size_t i = 0; codes && i < count; i++)
        codes[i] = (uint16_t)collapse->side[from[i]];
    *to = codes;
    return codes || !from;
}

static bool collapse_rows(const struct collapse *collapse)
{
    const struct mlg_rows *from = &collapse->from->scan.kept;
    struct mlg_rows *to = &collapse->to->scan.kept;
    if (!collapse_codes(collapse, from->label, &to->label) ||
        !collapse_codes(collapse, from->prediction, &to->prediction))
        return false;
    uint8_t *positive =
        from->positive && to->label ? MLG_NEW_ARRAY(collapse->arena, uint8_t, from->count + 1) : NULL;
    for (size_t i = 0; positive && i < from->count; i++)
        positive[i] = to->label[i] == FAVOURABLE;
    to->positive = positive;
    return positive || !from->positive;
}

int mlg_scan_collapse(const struct mlg_scan *scan, const struct mlg_texts *labels, struct mlg_arena *arena,
                      struct mlg_scan **collapsed, struct mlg_error *error)
{
    struct collapse collapse = {.from = (const struct mlg_scan_whole *)scan,
                                .to = MLG_NEW(arena, struct mlg_scan_whole),
                                .arena = arena};
    if (!collapse.to)
        return mlg_scan_no_memory(error, scan->data);
    if (!find_sides(&collapse, labels, error))
        return (int)error->code;
    *collapse.to = *collapse.from;
    collapse.to->ids = NULL; /* the one they were is freed with the scan itself */
    collapse.to->tallies = MLG_NEW_ARRAY(arena, struct mlg_tally *, scan->slicing_count);
    collapse.to->moments = MLG_NEW_ARRAY(arena, struct mlg_moments **, scan->slicing_count);
    bool memory = collapse.to->tallies && collapse.to->moments && collapse_classes(&collapse) &&
                  collapse_rows(&collapse);
    for (size_t s = 0; memory && s < scan->slicing_count; s++)
        memory = collapse_slicing(&collapse, s);
    if (!memory)
        return mlg_scan_no_memory(error, scan->data);
    *collapsed = &collapse.to->scan;
    return MLG_OK;
}
