/* Paired comparisons: the rows of a baseline in the order of the candidate's, matched by id. */
#include "scan_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The least text among those of a kind, so that the one that is named does not depend on row order. */
struct offender {
    const char *text;
    size_t count;
};

static void note(struct offender *offender, const char *text)
{
    offender->count++;
    if (!offender->text || strcmp(text, offender->text) < 0)
        offender->text = text;
}

struct alignment {
    const struct mlg_scan *scan, *baseline;
    struct mlg_arena *arena;
    struct mlg_dictionary *ids; /* scan's ids under the same codes, baseline's others behind them */
    uint32_t *row_of;           /* scan's row of a code, or MLG_NONE */
    uint32_t *from;             /* [scan's row]: the baseline's row */
    uint32_t *classes;          /* baseline's class -> scan's class, or MLG_NONE */
};

static int no_memory(const struct alignment *a, struct mlg_error *error)
{
    return mlg_scan_no_memory(error, a->scan->data);
}

static int repeated(const struct mlg_scan *scan, const struct offender *offender, struct mlg_error *error)
{
    return mlg_error_set(error, MLG_DATA,
                         "id '%s' stands in more than one row of '%s' (%zu %s too many); a paired comparison "
                         "needs one row per id",
                         offender->text, scan->data->name, offender->count,
                         mlg_plural(offender->count, "row", "rows"));
}

static int missing(const struct mlg_scan *from, const struct mlg_scan *in, const struct offender *offender,
                   struct mlg_error *error)
{
    return mlg_error_set(
        error, MLG_DATA,
        "id '%s' of '%s' is not in '%s' (%zu such %s); a paired comparison needs the same rows "
        "in both",
        offender->text, from->data->name, in->data->name, offender->count,
        mlg_plural(offender->count, "id", "ids"));
}

/* The row is there, and the user would look for it in vain. */
static int dropped(const struct mlg_scan *from, const struct mlg_scan *in, const struct offender *offender,
                   struct mlg_error *error)
{
    return mlg_error_set(error, MLG_DATA,
                         "id '%s' of '%s' was dropped from '%s' for a missing value%s (%zu such %s); a "
                         "paired comparison needs "
                         "the same rows in both",
                         offender->text, from->data->name, in->data->name,
                         in->summary.unmatched ? " or prediction" : "", offender->count,
                         mlg_plural(offender->count, "id", "ids"));
}

/* The baseline lacks some of scan's rows. Its dictionary knows the ids of rows that it dropped, too. */
static int tell_absent(struct alignment *a, struct mlg_error *error)
{
    const struct mlg_scan *scan = a->scan, *baseline = a->baseline;
    const size_t known = mlg_dictionary_count(scan->ids), others = mlg_dictionary_count(baseline->ids);
    struct offender absent = {0}, lost = {0};
    bool *was_met = MLG_NEW_ARRAY(a->arena, bool, known + 1);
    if (!was_met)
        return no_memory(a, error);
    for (uint32_t other = 0; other < others; other++) {
        size_t size;
        const char *text = mlg_dictionary_text(baseline->ids, other, &size);
        const uint32_t code = mlg_dictionary_code(a->ids, text, size);
        if (code == MLG_NO_CODE)
            return no_memory(a, error);
        if (code < known)
            was_met[code] = true;
    }
    for (size_t i = 0; i < scan->kept.count; i++)
        if (a->from[i] == MLG_NONE)
            note(was_met[scan->kept.id[i]] ? &lost : &absent,
                 mlg_dictionary_text(scan->ids, scan->kept.id[i], NULL));
    return absent.count > 0 ? missing(scan, baseline, &absent, error) : dropped(scan, baseline, &lost, error);
}

static int match_ids(struct alignment *a, struct mlg_error *error)
{
    const struct mlg_scan *scan = a->scan, *baseline = a->baseline;
    const size_t known = mlg_dictionary_count(scan->ids);
    struct offender twice = {0}, extra = {0}, lost = {0};
    size_t size;
    a->ids = mlg_dictionary_new(MLG_SCAN_KEPT_VALUES);
    a->row_of = MLG_NEW_ARRAY(a->arena, uint32_t, known + 1);
    a->from = MLG_NEW_ARRAY(a->arena, uint32_t, scan->kept.count + 1);
    if (!a->ids || !a->row_of || !a->from)
        return no_memory(a, error);
    for (uint32_t code = 0; code < known; code++) {
        const char *text = mlg_dictionary_text(scan->ids, code, &size);
        if (mlg_dictionary_code(a->ids, text, size) != code)
            return no_memory(a, error);
        a->row_of[code] = MLG_NONE;
    }
    for (size_t i = 0; i < scan->kept.count; i++) {
        const uint32_t code = scan->kept.id[i];
        if (a->row_of[code] != MLG_NONE)
            note(&twice, mlg_dictionary_text(scan->ids, code, NULL));
        a->row_of[code] = (uint32_t)i;
        a->from[i] = MLG_NONE;
    }
    if (twice.count > 0)
        return repeated(scan, &twice, error);
    /* Baseline's codes of texts that scan does not have follow behind. */
    for (size_t i = 0; i < baseline->kept.count; i++) {
        const char *text = mlg_dictionary_text(baseline->ids, baseline->kept.id[i], &size);
        const uint32_t code = mlg_dictionary_code(a->ids, text, size);
        if (code == MLG_NO_CODE)
            return no_memory(a, error);
        const uint32_t row = code < known ? a->row_of[code] : MLG_NONE;
        if (row == MLG_NONE)
            note(code < known ? &lost : &extra, text);
        else if (a->from[row] != MLG_NONE)
            note(&twice, text);
        else
            a->from[row] = (uint32_t)i;
    }
    if (twice.count > 0)
        return repeated(baseline, &twice, error);
    for (size_t i = 0; i < scan->kept.count; i++)
        if (a->from[i] == MLG_NONE)
            return tell_absent(a, error);
    if (extra.count > 0)
        return missing(baseline, scan, &extra, error);
    return lost.count > 0 ? dropped(baseline, scan, &lost, error) : 0;
}

static int match_classes(struct alignment *a, struct mlg_error *error)
{
    const struct mlg_classes *classes = &a->baseline->classes;
    a->classes = MLG_NEW_ARRAY(a->arena, uint32_t, classes->count + 1);
    if (!a->classes)
        return no_memory(a, error);
    for (size_t k = 0; k < classes->count; k++) {
        const int64_t found = mlg_class_find(&a->scan->classes, classes->names[k]);
        a->classes[k] = found < 0 ? MLG_NONE : (uint32_t)found;
        if (found < 0 && classes->prediction_rows[k] > 0 && classes->label_rows[k] == 0)
            return mlg_error_set(
                error, MLG_DATA,
                "'%s' predicts the class '%s', which '%s' does not have; list all classes with %s%s",
                a->baseline->data->name, classes->names[k], a->scan->data->name,
                mlg_data_option(a->scan->data, "labels", NULL).text, mlg_data_where(a->scan->data).text);
    }
    return 0;
}

static int match_labels(const struct alignment *a, struct mlg_error *error)
{
    const struct mlg_rows *mine = &a->scan->kept, *other = &a->baseline->kept;
    struct offender differing = {0};
    for (size_t i = 0; i < mine->count; i++) {
        const size_t j = a->from[i];
        if ((mine->label && other->label && mine->label[i] != a->classes[other->label[j]]) ||
            (mine->label_number && other->label_number && mine->label_number[i] != other->label_number[j]))
            note(&differing, mlg_dictionary_text(a->scan->ids, mine->id[i], NULL));
    }
    if (differing.count == 0)
        return 0;
    return mlg_error_set(
        error, MLG_DATA,
        "the label of id '%s' differs between '%s' and '%s' (%zu such %s); a paired comparison "
        "needs the same labels",
        differing.text, a->scan->data->name, a->baseline->data->name, differing.count,
        mlg_plural(differing.count, "id", "ids"));
}

/* ---- the copy ------------------------------------------------------------------------------------ */

static const double *take_numbers(const struct alignment *a, const double *from, bool *memory)
{
    double *out = from ? MLG_NEW_ARRAY(a->arena, double, a->scan->kept.count + 1) : NULL;
    *memory = *memory && (out || !from);
    for (size_t i = 0; out && i < a->scan->kept.count; i++)
        out[i] = from[a->from[i]];
    return out;
}

static const uint32_t *take_codes(const struct alignment *a, const uint32_t *from, bool *memory)
{
    uint32_t *out = from ? MLG_NEW_ARRAY(a->arena, uint32_t, a->scan->kept.count + 1) : NULL;
    *memory = *memory && (out || !from);
    for (size_t i = 0; out && i < a->scan->kept.count; i++)
        out[i] = from[a->from[i]];
    return out;
}

static const uint16_t *take_classes(const struct alignment *a, const uint16_t *from, bool *memory)
{
    uint16_t *out = from ? MLG_NEW_ARRAY(a->arena, uint16_t, a->scan->kept.count + 1) : NULL;
    *memory = *memory && (out || !from);
    for (size_t i = 0; out && i < a->scan->kept.count; i++)
        out[i] = (uint16_t)a->classes[from[a->from[i]]];
    return out;
}

static bool copy_rows(const struct alignment *a, struct mlg_scan *out)
{
    const struct mlg_rows *mine = &a->scan->kept, *from = &a->baseline->kept;
    struct mlg_rows *to = &out->kept;
    bool memory = true;
    *to = (struct mlg_rows){.count = mine->count};
    to->label = take_classes(a, from->label, &memory);
    to->prediction = take_classes(a, from->prediction, &memory);
    to->label_number = take_numbers(a, from->label_number, &memory);
    to->prediction_number = take_numbers(a, from->prediction_number, &memory);
    to->query = take_codes(a, from->query, &memory);
    /* The rows are the same rows: what they weigh and belong to is the candidate's to say. */
    to->weight = mine->weight;
    to->cluster = mine->cluster;
    to->id = mine->id;
    if (to->label) {
        uint8_t *positive = MLG_NEW_ARRAY(a->arena, uint8_t, to->count + 1);
        for (size_t i = 0; positive && i < to->count; i++)
            positive[i] = to->label[i] == a->scan->classes.positive;
        to->positive = positive;
        memory = memory && positive;
    }
    if (!from->scores)
        return memory;
    const double **scores = MLG_NEW_ARRAY(a->arena, const double *, from->score_count);
    if (!scores)
        return false;
    for (size_t k = 0; k < from->score_count; k++)
        scores[from->score_count > 1 ? a->classes[k] : k] = take_numbers(a, from->scores[k], &memory);
    to->scores = to->ranks = scores;
    if (from->ranks != from->scores) {
        const double **ranks = MLG_NEW_ARRAY(a->arena, const double *, from->score_count);
        if (!ranks)
            return false;
        for (size_t k = 0; k < from->score_count; k++)
            ranks[from->score_count > 1 ? a->classes[k] : k] = take_numbers(a, from->ranks[k], &memory);
        to->ranks = ranks;
    }
    to->score_count = from->score_count;
    to->score_of_label = from->score_count > 1 ? to->label : NULL;
    return memory;
}

/* Has the baseline kept all that its terms may read? */
static bool kept_all(const struct mlg_plan *plan)
{
    static const struct {
        unsigned reads, keep;
    } pairs[] = {
        {MLG_READS_LABEL, MLG_KEEP_LABEL},
        {MLG_READS_PREDICTION, MLG_KEEP_PREDICTION},
        {MLG_READS_SCORE | MLG_READS_PROBABILITY, MLG_KEEP_SCORES},
        {MLG_READS_LABEL_NUMBER, MLG_KEEP_LABEL_NUMBER},
        {MLG_READS_PREDICTION_NUMBER, MLG_KEEP_PREDICTION_NUMBER},
        {MLG_READS_QUERY, MLG_KEEP_QUERY},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if ((plan->reads & pairs[i].reads) && !(plan->keep & pairs[i].keep))
            return false;
    return true;
}

static void offset_rows(const struct mlg_rows *all, size_t first, size_t count, const double **scores,
                        struct mlg_rows *part)
{
    *part = *all;
    part->count = count;
    part->label = all->label ? all->label + first : NULL;
    part->positive = all->positive ? all->positive + first : NULL;
    part->prediction = all->prediction ? all->prediction + first : NULL;
    part->label_number = all->label_number ? all->label_number + first : NULL;
    part->prediction_number = all->prediction_number ? all->prediction_number + first : NULL;
    part->score_of_label = all->score_of_label ? all->score_of_label + first : NULL;
    part->weight = all->weight ? all->weight + first : NULL;
    part->cluster = all->cluster ? all->cluster + first : NULL;
    part->query = all->query ? all->query + first : NULL;
    part->id = all->id ? all->id + first : NULL;
    for (size_t k = 0; all->scores && k < all->score_count; k++)
        scores[k] = all->scores[k] + first;
    part->scores = all->scores ? scores : NULL;
}

/* Tallies and, where `moments` says so, moments of the rows on the candidate's slices. */
static int count_again(const struct alignment *a, struct mlg_scan_whole *out, uint32_t **groups, bool moments,
                       struct mlg_accumulator *sums, struct mlg_error *error)
{
    const struct mlg_plan *plan = sums->plan;
    const struct mlg_rows *kept = &out->scan.kept;
    const size_t slicings = out->scan.slicing_count;
    const size_t classes = out->scan.classes.count > 0 ? out->scan.classes.count : 1;
    const bool cells = plan->tally && out->scan.classes.count > 0;
    size_t *counts = MLG_NEW_ARRAY(a->arena, size_t, slicings);
    const uint32_t **now = MLG_NEW_ARRAY(a->arena, const uint32_t *, slicings);
    const double **scores = MLG_NEW_ARRAY(a->arena, const double *, kept->score_count + 1);
    if (!counts || !now || !scores)
        return no_memory(a, error);
    for (size_t s = 0; s < slicings; s++) {
        sums->slicings[s].counts_cells = cells;
        sums->slicings[s].counts_rows = !cells; /* else no row would be known to have a weight */
        sums->slicings[s].has_moments = moments;
        counts[s] = out->scan.slicings[s].count + 1;
    }
    int code = mlg_accumulator_reserve(sums, counts, classes, classes, error);
    for (size_t first = 0; !code && first < kept->count; first += MLG_BATCH_ROWS) {
        const size_t left = kept->count - first;
        struct mlg_rows part;
        size_t bad_row;
        const char *why = NULL;
        offset_rows(kept, first, left < MLG_BATCH_ROWS ? left : MLG_BATCH_ROWS, scores, &part);
        for (size_t s = 1; s < slicings; s++)
            now[s] = groups[s] + first;
        mlg_accumulate(sums, &part, now, &bad_row, &why);
        if (bad_row > 0)
            code = mlg_error_set(error, MLG_DATA, "%s", why ? why : "paired counts take too many cells");
    }
    return code ? code : mlg_scan_outcome(out, sums, a->arena, error);
}

static bool list_groups(const struct alignment *a, uint32_t **groups)
{
    const struct mlg_scan *scan = a->scan;
    for (size_t s = 1; s < scan->slicing_count; s++) {
        groups[s] = calloc(scan->kept.count + 1, sizeof(uint32_t));
        if (!groups[s])
            return false;
        for (size_t k = 0; k < scan->slicings[s].count; k++) {
            size_t count;
            const uint32_t *rows = mlg_scan_rows(scan, s, k, &count);
            for (size_t i = 0; i < count; i++)
                groups[s][rows[i]] = (uint32_t)k + 1;
        }
    }
    return true;
}

/* The accumulators of `plan`, without its moments where what they read was not kept. */
static int recount(const struct alignment *a, struct mlg_scan_whole *out, const struct mlg_plan *plan,
                   bool moments, struct mlg_error *error)
{
    struct mlg_plan counted = *plan;
    if (!moments)
        counted.moments_count = 0;
    const size_t slicings = out->scan.slicing_count;
    uint32_t **groups = calloc(slicings, sizeof *groups);
    struct mlg_accumulator sums = {0};
    int code = 0;
    if (!groups || mlg_accumulator_init(&sums, &counted, slicings, out->scan.weighted, plan->tally) ||
        !list_groups(a, groups))
        code = no_memory(a, error);
    if (!code)
        code = count_again(a, out, groups, moments, &sums, error);
    for (size_t s = 0; groups && s < slicings; s++)
        free(groups[s]);
    free((void *)groups);
    mlg_accumulator_free(&sums);
    return code;
}

static int make_copy(const struct alignment *a, struct mlg_scan **aligned, struct mlg_error *error)
{
    const struct mlg_scan_whole *mine = (const struct mlg_scan_whole *)a->scan;
    struct mlg_scan_whole *out = MLG_NEW(a->arena, struct mlg_scan_whole);
    if (!out)
        return no_memory(a, error);
    struct mlg_scan *scan = &out->scan;
    *scan = *a->baseline;
    out->plan = ((const struct mlg_scan_whole *)a->baseline)->plan;
    out->row_lists = mine->row_lists;
    out->row_starts = mine->row_starts;
    scan->slicing_count = a->scan->slicing_count;
    scan->slicings = a->scan->slicings;
    scan->weighted = a->scan->weighted;
    scan->clustered = a->scan->clustered;
    scan->cluster_count = a->scan->cluster_count;
    scan->ids = a->scan->ids;
    scan->classes = a->scan->classes;
    scan->classes.has_predictions = a->baseline->classes.has_predictions;
    uint64_t *predictions = MLG_NEW_ARRAY(a->arena, uint64_t, scan->classes.count + 1);
    if (!predictions)
        return no_memory(a, error);
    for (size_t k = 0; k < a->baseline->classes.count; k++)
        if (a->classes[k] != MLG_NONE)
            predictions[a->classes[k]] += a->baseline->classes.prediction_rows[k];
    scan->classes.prediction_rows = predictions;
    if (a->baseline->kept.score_count > 1) {
        bool all = a->baseline->kept.score_count == scan->classes.count;
        for (size_t k = 0; all && k < a->baseline->classes.count; k++)
            all = a->classes[k] != MLG_NONE;
        if (!all)
            return mlg_error_set(error, MLG_DATA, "'%s' and '%s' have scores for different classes",
                                 a->scan->data->name, a->baseline->data->name);
    }
    if (!copy_rows(a, scan))
        return no_memory(a, error);
    const int code = recount(a, out, out->plan, kept_all(out->plan), error);
    if (!code)
        *aligned = scan;
    return code;
}

int mlg_scan_align(const struct mlg_scan *scan, const struct mlg_scan *baseline, struct mlg_arena *arena,
                   struct mlg_scan **aligned, struct mlg_error *error)
{
    struct alignment a = {.scan = scan, .baseline = baseline, .arena = arena};
    if (!scan->kept.id || !baseline->kept.id)
        return mlg_error_set(error, MLG_INTERNAL, "a paired comparison of '%s' and '%s' without kept ids",
                             scan->data->name, baseline->data->name);
    int code;
    if (!(code = match_ids(&a, error)) && !(code = match_classes(&a, error)) &&
        !(code = match_labels(&a, error)))
        code = make_copy(&a, aligned, error);
    mlg_dictionary_free(a.ids);
    return code;
}

/* ---- other answers ------------------------------------------------------------------------------- */

struct mlg_plan *mlg_plan_bare(const struct mlg_scan *scan, struct mlg_arena *arena)
{
    struct mlg_plan *plan = MLG_NEW(arena, struct mlg_plan);
    if (!plan)
        return NULL;
    *plan = *((const struct mlg_scan_whole *)scan)->plan;
    plan->arena = arena;
    plan->tally = false;
    plan->moments = NULL;
    plan->moments_count = plan->moments_capacity = 0;
    plan->observers = NULL;
    plan->observer_count = plan->observer_capacity = 0;
    return plan;
}

static struct mlg_range range_of(const double *numbers, size_t count)
{
    struct mlg_range range = {(double)INFINITY, -(double)INFINITY};
    for (size_t i = 0; i < count; i++) {
        range.minimum = fmin(range.minimum, numbers[i]);
        range.maximum = fmax(range.maximum, numbers[i]);
    }
    return range;
}

/* Counts and ranges over all rows. False: no memory. */
static bool sum_up(struct mlg_scan *scan, struct mlg_arena *arena)
{
    const struct mlg_rows *kept = &scan->kept;
    uint64_t *predictions = MLG_NEW_ARRAY(arena, uint64_t, scan->classes.count + 1);
    struct mlg_range *ranges = MLG_NEW_ARRAY(arena, struct mlg_range, kept->score_count + 1);
    if (!predictions || !ranges)
        return false;
    if (kept->prediction) {
        for (size_t i = 0; i < kept->count; i++)
            predictions[kept->prediction[i]]++;
        scan->classes.prediction_rows = predictions;
    }
    if (kept->prediction_number)
        scan->prediction_range = range_of(kept->prediction_number, kept->count);
    if (kept->scores) {
        for (size_t k = 0; k < kept->score_count; k++)
            ranges[k] = range_of(kept->scores[k], kept->count);
        scan->score_ranges = ranges;
    }
    return true;
}

int mlg_scan_with_answers(const struct mlg_scan *scan, const struct mlg_answers *answers,
                          const struct mlg_plan *plan, struct mlg_arena *arena, struct mlg_scan **with,
                          struct mlg_error *error)
{
    const struct alignment a = {.scan = scan, .baseline = scan, .arena = arena};
    struct mlg_scan_whole *out = MLG_NEW(arena, struct mlg_scan_whole);
    if (!out)
        return no_memory(&a, error);
    *out = *(const struct mlg_scan_whole *)scan;
    struct mlg_rows *kept = &out->scan.kept;
    out->plan = plan;
    kept->prediction = kept->prediction ? answers->prediction : NULL;
    kept->prediction_number = kept->prediction_number ? answers->number : NULL;
    kept->scores = kept->ranks = kept->scores ? answers->scores : NULL;
    kept->score_count = kept->scores ? kept->score_count : 0;
    if (!sum_up(&out->scan, arena))
        return no_memory(&a, error);
    const int code = recount(&a, out, plan, true, error);
    if (!code)
        *with = &out->scan;
    return code;
}

bool mlg_scan_same_answers(const struct mlg_scan *scan, const struct mlg_scan *aligned)
{
    const struct mlg_rows *mine = &scan->kept, *other = &aligned->kept;
    const bool classes = mine->prediction && other->prediction;
    const bool numbers = mine->prediction_number && other->prediction_number;
    const bool scores = mine->scores && other->scores;
    if ((!classes && !numbers && !scores) || (scores && mine->score_count != other->score_count))
        return false;
    for (size_t i = 0; i < mine->count; i++) {
        if ((classes && mine->prediction[i] != other->prediction[i]) ||
            (numbers && mine->prediction_number[i] != other->prediction_number[i]))
            return false;
        for (size_t k = 0; scores && k < mine->score_count; k++)
            if (mine->scores[k][i] != other->scores[k][i])
                return false;
    }
    return true;
}
