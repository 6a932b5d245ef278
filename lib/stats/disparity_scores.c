/* disparity_scores: how the scores of the groups differ: their distributions, and how well they order rows
 * across groups. All need the rows side by side: kept scores. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "disparity_private.h"
#include "mlgate/distribution.h"

static int no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory to compare the scores of groups");
}

/* A score and its weight. */
struct scored {
    double score, weight;
};

static int by_score(const void *a, const void *b)
{
    const struct scored *x = a, *y = b;
    if (x->score < y->score || x->score > y->score)
        return x->score < y->score ? -1 : 1;
    /* Equal scores by weight, so that sums do not depend on the order of the rows. */
    return (x->weight > y->weight) - (x->weight < y->weight);
}

struct sample {
    struct scored *items;
    size_t count;
    double weight;
};

/* The score of the positive class; NULL: it is not known which column that is. */
static const double *score_column(const struct mlg_setting *setting)
{
    const struct mlg_scan *scan = setting->view->scan;
    const struct mlg_rows *kept = &scan->kept;
    if (!kept->scores || kept->score_count == 0)
        return NULL;
    if (kept->score_count == 1)
        return kept->scores[0];
    return scan->classes.positive >= 0 && (size_t)scan->classes.positive < kept->score_count
               ? kept->scores[scan->classes.positive]
               : NULL;
}

/* Rows of the group, or all rows but those of the group `without` (SIZE_MAX: without none). `class` 1:
 * positive rows alone, 0: the others, -1: all. Rows of weight 0 are no rows. Sorted by score. */
static bool take_sample(const struct mlg_setting *setting, size_t group, size_t without, int class,
                        struct sample *sample)
{
    const struct mlg_rows *kept = &setting->view->scan->kept;
    const struct mlg_view view = mlg_group_view(setting, group);
    const double *scores = score_column(setting);
    size_t count, left_out = 0, next = 0;
    const uint32_t *index = mlg_scan_rows(view.scan, view.slicing, view.slice, &count), *out = NULL;
    *sample = (struct sample){.items = MLG_NEW_ARRAY(setting->arena, struct scored, count + 1)};
    if (!sample->items)
        return false;
    if (without != SIZE_MAX) {
        const struct mlg_view other = mlg_group_view(setting, without);
        out = mlg_scan_rows(other.scan, other.slicing, other.slice, &left_out);
    }
    for (size_t i = 0; i < count; i++) {
        const size_t row = index ? index[i] : i;
        while (next < left_out && (out ? out[next] : next) < row)
            next++;
        if (next < left_out && (out ? out[next] : next) == row)
            continue;
        const double weight = kept->weight ? kept->weight[row] : 1;
        if (!(weight > 0) || (class >= 0 && (kept->positive[row] != 0) != (class == 1)))
            continue;
        sample->items[sample->count++] = (struct scored){scores[row], weight};
    }
    if (sample->count)
        qsort(sample->items, sample->count, sizeof *sample->items, by_score);
    for (size_t i = 0; i < sample->count; i++)
        sample->weight += sample->items[i].weight;
    return true;
}

/* ---- Kolmogorov-Smirnov ---------------------------------------------------------------------------- */

static double largest_gap(const struct sample *a, const struct sample *b)
{
    double gap = 0, below_a = 0, below_b = 0;
    size_t i = 0, j = 0;
    while (i < a->count && j < b->count) {
        const double score = fmin(a->items[i].score, b->items[j].score);
        for (; i < a->count && a->items[i].score == score; i++)
            below_a += a->items[i].weight;
        for (; j < b->count && b->items[j].score == score; j++)
            below_b += b->items[j].weight;
        gap = fmax(gap, fabs(below_a / a->weight - below_b / b->weight));
    }
    return gap;
}

/* Each group's distribution is known to within sqrt(ln(2/alpha) / 2n) (Massart 1990), with half of alpha
 * each. */
struct band {
    double *gaps, *sizes; /* gaps[a * count + b] */
    size_t count;
};

static int band_bounds(const void *opaque, double confidence, double multiplier, double *lower, double *upper)
{
    const struct band *band = opaque;
    const double alpha = 1 - confidence, claims = (double)band->count * (double)(band->count - 1) / 2;
    const double plain = sqrt(log(4 / alpha) / 2), strict = sqrt(log(4 * claims / alpha) / 2);
    *lower = *upper = 0;
    for (size_t a = 0; a < band->count; a++)
        for (size_t b = a + 1; b < band->count; b++) {
            const double width =
                1 / sqrt(band->sizes[a] * multiplier) + 1 / sqrt(band->sizes[b] * multiplier);
            *upper = fmax(*upper, band->gaps[a * band->count + b] + plain * width);
            *lower = fmax(*lower, band->gaps[a * band->count + b] - strict * width);
        }
    return 0;
}

/* Each group's mean score. */
static void show_scores(const struct mlg_setting *setting, const struct sample *samples)
{
    const struct mlg_scan *scan = setting->view->scan;
    struct mlg_shown *shown = setting->shown;
    shown->names[0] = "mean_score";
    for (size_t g = 0; g < setting->groups->count; g++) {
        const struct sample *sample = &samples[g];
        struct mlg_evidence *one = &shown->parts[0][g];
        double sum = 0, squares = 0;
        for (size_t i = 0; i < sample->count; i++)
            sum += sample->items[i].weight * sample->items[i].score;
        mlg_family_begin(setting->call, one);
        one->minimum = -(double)INFINITY;
        one->maximum = (double)INFINITY;
        one->value = sum / sample->weight;
        one->n = sample->count;
        for (size_t i = 0; i < sample->count; i++)
            squares += (sample->items[i].score - one->value) * (sample->items[i].score - one->value);
        if (!scan->weighted && !scan->clustered && sample->count > 1) {
            mlg_disparity_normal(one, squares / (double)(sample->count - 1) / (double)sample->count,
                                 sample->count);
            one->method = one->kind == MLG_NORMAL ? MLG_METHOD_T : one->method;
        }
    }
}

static int evaluate_ks(const struct mlg_setting *setting, struct mlg_evidence *evidence,
                       struct mlg_error *error)
{
    enum { KS_GROUPS = 1000 };
    const size_t count = setting->groups->count;
    const struct mlg_scan *scan = setting->view->scan;
    if (!score_column(setting))
        return mlg_evidence_undefined(evidence, "there is no single score: name the positive class");
    if (count > KS_GROUPS)
        return mlg_evidence_undefined(evidence, "more than %d groups", (int)KS_GROUPS);
    struct sample *samples = MLG_NEW_ARRAY(setting->arena, struct sample, count);
    struct band *band = MLG_NEW(setting->arena, struct band);
    if (!samples || !band)
        return no_memory(error);
    *band = (struct band){MLG_NEW_ARRAY(setting->arena, double, count *count),
                          MLG_NEW_ARRAY(setting->arena, double, count), count};
    struct mlg_shown *shown = setting->shown;
    shown->apart = MLG_NEW_ARRAY(setting->arena, double, count);
    if (!band->gaps || !band->sizes || !shown->apart || !mlg_show_parts(setting, 1))
        return no_memory(error);
    for (size_t g = 0; g < count; g++) {
        if (!take_sample(setting, g, SIZE_MAX, -1, &samples[g]))
            return no_memory(error);
        if (samples[g].count == 0)
            return mlg_evidence_undefined(evidence, "%s has no rows", mlg_group_name(setting, g));
        band->sizes[g] = (double)samples[g].count;
        evidence->n += samples[g].count;
    }
    evidence->value = 0;
    for (size_t a = 0; a < count; a++)
        for (size_t b = a + 1; b < count; b++) {
            const double gap = band->gaps[a * count + b] = largest_gap(&samples[a], &samples[b]);
            shown->apart[a] = fmax(shown->apart[a], gap);
            shown->apart[b] = fmax(shown->apart[b], gap);
            if (gap > evidence->value) {
                evidence->value = gap;
                shown->has_pair = true;
                shown->a = a;
                shown->b = b;
            }
        }
    show_scores(setting, samples);
    if (scan->weighted || scan->clustered)
        return MLG_OK;
    evidence->kind = MLG_BOUNDS;
    evidence->method = MLG_METHOD_DKW;
    evidence->bounds = band_bounds;
    evidence->state = band;
    return MLG_OK;
}

/* ---- areas across groups ---------------------------------------------------------------------------- */

/* For every item of `sample` the share of `others` that it beats, ties half: from the lowest score up, or
 * with `downwards` the share that beats it. Returns the weighted mean of the shares; with `centre` given, the
 * sum of squared weight times squared distance from it instead. Both samples are sorted. */
static double placements(const struct sample *sample, const struct sample *others, bool downwards,
                         const double *centre)
{
    double sum = 0, below = 0;
    size_t j = 0;
    for (size_t i = 0; i < sample->count;) {
        const double score = sample->items[i].score;
        double tied = 0;
        for (; j < others->count && others->items[j].score < score; j++)
            below += others->items[j].weight;
        for (size_t k = j; k < others->count && others->items[k].score == score; k++)
            tied += others->items[k].weight;
        const double beaten = (below + tied / 2) / others->weight, share = downwards ? 1 - beaten : beaten;
        for (; i < sample->count && sample->items[i].score == score; i++) {
            const double w = sample->items[i].weight;
            sum += centre ? w * w * (share - *centre) * (share - *centre) : w * share;
        }
    }
    return centre ? sum : sum / sample->weight;
}

/* P(score of a positive > score of a negative) + half the ties, with DeLong's variance: of every positive the
 * share of negatives below it, of every negative the share of positives above it. */
static void area_across(const struct sample *positive, const struct sample *negative, bool weighted,
                        struct mlg_evidence *evidence)
{
    const double value = placements(positive, negative, false, NULL);
    const double m = (double)positive->count, n = (double)negative->count;
    const double of_positives =
        placements(positive, negative, false, &value) / positive->weight / positive->weight;
    const double of_negatives =
        placements(negative, positive, true, &value) / negative->weight / negative->weight;
    evidence->kind = MLG_AUC;
    evidence->method = weighted ? MLG_METHOD_LINEARISED : MLG_METHOD_DELONG;
    evidence->value = value;
    evidence->standard_error =
        sqrt(of_positives * (m > 1 ? m / (m - 1) : 1) + of_negatives * (n > 1 ? n / (n - 1) : 1));
    evidence->smaller_class = fmin(m, n);
    evidence->n = positive->count + negative->count;
}

/* Positives of the group against negatives outside, or the other way round: the smallest area over the
 * groups. */
static int evaluate_across(const struct mlg_setting *setting, bool positives_inside,
                           struct mlg_evidence *evidence, struct mlg_error *error)
{
    const struct mlg_scan *scan = setting->view->scan;
    const size_t count = setting->groups->count;
    struct mlg_member *members = MLG_NEW_ARRAY(setting->arena, struct mlg_member, count);
    struct mlg_evidence *own = MLG_NEW_ARRAY(setting->arena, struct mlg_evidence, count);
    struct mlg_panel *panel = MLG_NEW(setting->arena, struct mlg_panel);
    if (!members || !own || !panel)
        return no_memory(error);
    if (!mlg_family_positive_known(setting->view, evidence))
        return MLG_OK;
    if (!score_column(setting))
        return mlg_evidence_undefined(evidence, "there is no single score");
    for (size_t g = 0; g < count; g++) {
        struct sample inside, rest;
        if (!take_sample(setting, g, SIZE_MAX, positives_inside, &inside) ||
            !take_sample(setting, count, g, !positives_inside, &rest))
            return no_memory(error);
        if (inside.count == 0 || rest.count == 0)
            return mlg_evidence_undefined(
                evidence, "no %s %s %s", (inside.count == 0) == positives_inside ? "positives" : "negatives",
                inside.count == 0 ? "in" : "outside of", mlg_group_name(setting, g));
        mlg_family_begin(setting->call, &own[g]);
        area_across(positives_inside ? &inside : &rest, positives_inside ? &rest : &inside, scan->weighted,
                    &own[g]);
        if (scan->clustered) {
            own[g].kind = MLG_VALUE_ONLY;
            own[g].method = MLG_METHOD_NONE;
        }
        members[g] = (struct mlg_member){.value = own[g].value, .evidence = &own[g]};
        evidence->n += own[g].n;
    }
    *panel = (struct mlg_panel){.members = members, .count = count};
    struct mlg_comparison comparison = mlg_disparity_comparison(setting);
    comparison.panels = panel;
    comparison.panel_count = 1;
    return mlg_compare(&comparison, evidence, setting->arena, error);
}

static int evaluate_bpsn(const struct mlg_setting *setting, struct mlg_evidence *evidence,
                         struct mlg_error *error)
{
    return evaluate_across(setting, false, evidence, error);
}

static int evaluate_bnsp(const struct mlg_setting *setting, struct mlg_evidence *evidence,
                         struct mlg_error *error)
{
    return evaluate_across(setting, true, evidence, error);
}

/* ---- rows --------------------------------------------------------------------------------------- */

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define KERNEL(...)                                                                                          \
    .kernel = &(const struct mlg_disparity_kernel)                                                           \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }
#define ATTRIBUTE .params = mlg_disparity_params, .arguments = NAMES("attribute")
#define ACROSS                                                                                               \
    .source = "Borkan et al. 2019, Nuanced metrics for measuring unintended bias (Jigsaw)", ATTRIBUTE,       \
    .direction = MLG_HIGHER_IS_BETTER, .minimum = 0, .maximum = 1, .method = MLG_METHOD_DELONG
#define SCORES                                                                                               \
    .form = MLG_FORM_ITSELF, .reads = MLG_READS_LABEL | MLG_READS_SCORE | MLG_READS_POSITIVE,                \
    .keep = MLG_KEEP_LABEL | MLG_KEEP_SCORES, .one_group = false

const struct mlg_metric mlg_disparity_score_ks = {
    .name = "score_ks",
    .about = "the largest difference in selection rate between two groups over all thresholds: parity that "
             "needs no "
             "threshold",
    .definition = "largest |F_a(s) - F_b(s)| over scores and pairs of groups (Kolmogorov-Smirnov)",
    .undefined_when = "a group has no rows, or there is one group alone",
    .source = "Agarwal, Dudik, Wu 2019, Fair regression: statistical parity",
    ATTRIBUTE,
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_DKW,
    KERNEL(.form = MLG_FORM_DIFFERENCE, .largest = true, .reads = MLG_READS_SCORE, .keep = MLG_KEEP_SCORES,
           .evaluate = evaluate_ks),
};

const struct mlg_metric mlg_disparity_bpsn_auc = {
    .name = "bpsn_auc",
    .about = "background positive, subgroup negative: whether negatives of a group are scored like positives "
             "of the "
             "others: the worst group",
    .definition =
        "smallest over the groups of roc_auc of the group's negatives with the positives outside of it",
    .undefined_when = "a group has no negatives, or there are no positives outside of it",
    ACROSS,
    KERNEL(SCORES, .member = "bpsn_auc", .evaluate = evaluate_bpsn),
};

const struct mlg_metric mlg_disparity_bnsp_auc = {
    .name = "bnsp_auc",
    .about = "background negative, subgroup positive: whether positives of a group are scored like negatives "
             "of the "
             "others: the worst group",
    .definition =
        "smallest over the groups of roc_auc of the group's positives with the negatives outside of it",
    .undefined_when = "a group has no positives, or there are no negatives outside of it",
    ACROSS,
    KERNEL(SCORES, .member = "bnsp_auc", .evaluate = evaluate_bnsp),
};
