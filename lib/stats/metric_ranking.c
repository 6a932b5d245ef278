/* metric_ranking: how well scores put the rows of a class before the others.
 *
 * All of them are one walk over the sorted scores (ranked.c). Without weights the area under the ROC curve
 * and the moments of DeLong's placements are integers in 128 bits, divided once. Influence, where it is asked
 * for, is a number per block of equal scores and class; a row finds its block by bisection. */
#include <math.h>

#include "family.h"

__extension__ typedef unsigned __int128 wide;

/* ---- numbers ------------------------------------------------------------------------------------ */

/* All 128 bits in three parts, each exact; the sum has 106. */
static struct mlg_double2 exactly(wide value)
{
    struct mlg_double2 sum = mlg_double2_of(ldexp((double)(uint64_t)(value >> 96), 96));
    sum = mlg_double2_add(sum, mlg_double2_of(ldexp((double)(uint64_t)(value >> 48 & 0xffffffffffffU), 48)));
    return mlg_double2_add(sum, mlg_double2_of((double)(uint64_t)(value & 0xffffffffffffU)));
}

/* A running sum that loses nothing that matters: Neumaier's. */
struct running {
    double high, low;
};

static void add(struct running *sum, double value)
{
    double total = sum->high + value;
    sum->low += fabs(sum->high) >= fabs(value) ? sum->high - total + value : value - total + sum->high;
    sum->high = total;
}

static double total(const struct running *sum)
{
    return sum->high + sum->low;
}

static int no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory to sort the scores");
}

/* ---- classes and columns ------------------------------------------------------------------------ */

static const char *class_name(const struct mlg_view *view, size_t class)
{
    return class < view->scan->classes.count ? view->scan->classes.names[class] : "?";
}

/* Two columns say the same thing twice, as scikit-learn has it for two classes. */
static bool is_binary(const struct mlg_view *view)
{
    return view->scan->kept.score_count <= 2;
}

static const struct mlg_ranked_view *rank_positive(struct mlg_view *view)
{
    const int64_t positive = view->scan->classes.positive;
    return mlg_ranked(view, view->scan->kept.score_count == 1 ? 0 : (size_t)positive, (uint32_t)positive, -1);
}

static size_t rows_of(const struct mlg_ranked_view *ranked)
{
    return (size_t)(ranked->positive_rows + ranked->negative_rows);
}

/* The class of rows that are all of one class. */
static int only_one_class(const struct mlg_view *view, const struct mlg_ranked_view *ranked,
                          struct mlg_evidence *evidence)
{
    const struct mlg_rows *kept = &view->scan->kept;
    size_t count;
    const uint32_t *index = mlg_scan_rows(view->scan, view->slicing, view->slice, &count);
    for (size_t i = 0; i < count; i++) {
        const size_t row = index ? index[i] : i;
        if (!kept->weight || kept->weight[row] > 0)
            return mlg_evidence_undefined(evidence, "only one class in the labels: %zu %s '%.100s'",
                                          rows_of(ranked), mlg_plural(rows_of(ranked), "row,", "rows, all"),
                                          class_name(view, kept->label[row]));
    }
    return mlg_evidence_undefined(evidence, "there are no rows");
}

/* Several classes, none of them the positive one. */
static int no_positives(const struct mlg_view *view, const struct mlg_ranked_view *ranked, size_t class,
                        struct mlg_evidence *evidence)
{
    return mlg_evidence_undefined(evidence, "no row of class '%.100s' among %zu %s", class_name(view, class),
                                  rows_of(ranked), mlg_plural(rows_of(ranked), "row", "rows"));
}

/* ---- the area ----------------------------------------------------------------------------------- */

struct area {
    double value;
    double variance_positive, variance_negative; /* of the value, by the rows of either class */
    double smaller; /* rows of the smaller class; with weights Kish's number of them */
};

/* Positive rows won + half the ties, doubled; sums of squared placements, times (2 negatives)^2 and
 * (2 positives)^2. All are integers. */
static void walk_counts(const struct mlg_ranked_view *ranked, wide *won, wide *positive_squares,
                        wide *negative_squares)
{
    struct mlg_ranked_walk walk = mlg_ranked_begin(ranked);
    struct mlg_ranked_block block;
    uint64_t above = 0, below = ranked->negative_rows;
    *won = *positive_squares = *negative_squares = 0;
    while (mlg_ranked_next(&walk, &block)) {
        const uint64_t p = (uint64_t)block.positive, q = (uint64_t)block.negative;
        below -= q;
        const uint64_t wins = 2 * below + q, losses = 2 * above + p;
        *won += (wide)p * wins;
        *positive_squares += (wide)p * wins * wins;
        *negative_squares += (wide)q * losses * losses;
        above += p;
    }
}

/* (rows * squares - won^2) / (rows^2 (rows - 1) scale^2): the variance of the mean of `rows` placements. */
static double placement_variance(wide squares, wide won, uint64_t rows, uint64_t others)
{
    if (rows < 2)
        return 0;
    const struct mlg_double2 m = mlg_double2_of((double)rows), w = exactly(won);
    const struct mlg_double2 spread =
        mlg_double2_subtract(mlg_double2_multiply(m, exactly(squares)), mlg_double2_multiply(w, w));
    const struct mlg_double2 scale = mlg_double2_of(2 * (double)others);
    struct mlg_double2 by =
        mlg_double2_multiply(mlg_double2_multiply(m, m), mlg_double2_of((double)(rows - 1)));
    by = mlg_double2_multiply(by, mlg_double2_multiply(scale, scale));
    return fmax(0, mlg_double2_divide(spread, by).high);
}

static void area_of_counts(const struct mlg_ranked_view *ranked, struct area *area)
{
    const uint64_t m = ranked->positive_rows, n = ranked->negative_rows;
    wide won, positive_squares, negative_squares;
    walk_counts(ranked, &won, &positive_squares, &negative_squares);
    area->value = mlg_double2_divide(exactly(won), exactly((wide)m * n * 2)).high;
    area->variance_positive = placement_variance(positive_squares, won, m, n);
    area->variance_negative = placement_variance(negative_squares, won, n, m);
    area->smaller = (double)(m < n ? m : n);
}

/* Placements are shares of the other class's weight. Equal weights give what counts give. */
static void area_of_weights(const struct mlg_ranked_view *ranked, struct area *area)
{
    struct mlg_ranked_walk walk = mlg_ranked_begin(ranked);
    struct mlg_ranked_block block;
    struct running positive_above = {0}, negative_above = {0}, won = {0}, lost = {0};
    struct running positive_squares = {0}, negative_squares = {0};
    while (mlg_ranked_next(&walk, &block)) {
        add(&won, block.negative * (total(&positive_above) + block.positive / 2));
        add(&lost, block.positive * (total(&negative_above) + block.negative / 2));
        add(&positive_above, block.positive);
        add(&negative_above, block.negative);
        add(&positive_squares, block.positive_square);
        add(&negative_squares, block.negative_square);
    }
    *area = (struct area){.value = total(&won) > 0 ? 1 : 0,
                          .smaller = fmin(ranked->positives * ranked->positives / total(&positive_squares),
                                          ranked->negatives * ranked->negatives / total(&negative_squares))};
    if (!(total(&won) > 0 && total(&lost) > 0)) /* separated: exactly 0 or 1, and no placement deviates */
        return;
    area->value = fmin(1, total(&won) / (ranked->positives * ranked->negatives));
    struct running positive = {0}, negative = {0};
    positive_above = negative_above = (struct running){0};
    walk = mlg_ranked_begin(ranked);
    while (mlg_ranked_next(&walk, &block)) {
        const double beaten = 1 - (total(&negative_above) + block.negative / 2) / ranked->negatives;
        const double beating = (total(&positive_above) + block.positive / 2) / ranked->positives;
        add(&positive, block.positive_square * (beaten - area->value) * (beaten - area->value));
        add(&negative, block.negative_square * (beating - area->value) * (beating - area->value));
        add(&positive_above, block.positive);
        add(&negative_above, block.negative);
    }
    const double m = (double)ranked->positive_rows, n = (double)ranked->negative_rows;
    if (m > 1)
        area->variance_positive = total(&positive) / (ranked->positives * ranked->positives) * (m / (m - 1));
    if (n > 1)
        area->variance_negative = total(&negative) / (ranked->negatives * ranked->negatives) * (n / (n - 1));
}

/* Both classes have rows. */
static struct area area_of(const struct mlg_ranked_view *ranked)
{
    struct area area;
    (ranked->weighted ? area_of_weights : area_of_counts)(ranked, &area);
    return area;
}

/* ---- influence ---------------------------------------------------------------------------------- */

/* What a row of weight 1 adds, by its score (descending) and whether it is positive. */
struct table {
    size_t count;
    double *score, *positive, *negative;
};

static bool table_new(struct table *table, const struct mlg_ranked_view *ranked, struct mlg_arena *arena)
{
    struct mlg_ranked_walk walk = mlg_ranked_begin(ranked);
    struct mlg_ranked_block block;
    for (table->count = 0; mlg_ranked_next(&walk, &block);)
        table->count++;
    table->score = MLG_NEW_ARRAY(arena, double, table->count);
    table->positive = MLG_NEW_ARRAY(arena, double, table->count);
    table->negative = MLG_NEW_ARRAY(arena, double, table->count);
    return table->score && table->positive && table->negative;
}

/* Adds `scale` times the influence of every kept row of the slice. */
static void table_apply(const struct table *table, const struct mlg_view *view, size_t score,
                        uint32_t positive, double scale, double *influence)
{
    const struct mlg_rows *kept = &view->scan->kept;
    size_t count;
    const uint32_t *index = mlg_scan_rows(view->scan, view->slicing, view->slice, &count);
    for (size_t i = 0; i < count; i++) {
        const size_t row = index ? index[i] : i;
        const double weight = mlg_family_weight(kept, row), value = kept->ranks[score][row];
        if (!(weight > 0))
            continue;
        size_t low = 0, high = table->count - 1;
        while (low < high) {
            const size_t middle = (low + high) / 2;
            if (table->score[middle] > value)
                low = middle + 1;
            else
                high = middle;
        }
        influence[i] +=
            scale * weight * (kept->label[row] == positive ? table->positive : table->negative)[low];
    }
}

/* Deviations of the placements (DeLong 1988), as shares of the area. */
static bool area_influence(const struct mlg_ranked_view *ranked, double area, struct mlg_arena *arena,
                           struct table *table)
{
    struct mlg_ranked_walk walk = mlg_ranked_begin(ranked);
    struct mlg_ranked_block block;
    struct running positive_above = {0}, negative_above = {0};
    if (!table_new(table, ranked, arena))
        return false;
    for (size_t b = 0; mlg_ranked_next(&walk, &block); b++) {
        const double beaten = 1 - (total(&negative_above) + block.negative / 2) / ranked->negatives;
        const double beating = (total(&positive_above) + block.positive / 2) / ranked->positives;
        table->score[b] = block.score;
        table->positive[b] = (beaten - area) / ranked->positives;
        table->negative[b] = (beating - area) / ranked->negatives;
        add(&positive_above, block.positive);
        add(&negative_above, block.negative);
    }
    return true;
}

/* n/(n-1) times the sum of the squares, class by class; exact, hence the same in any order of rows. False:
 * a class has one row, which says nothing about its variance. */
static bool influence_variance(const struct mlg_view *view, const double *influence, bool by_class,
                               double *variance, bool *told, uint64_t *smallest)
{
    const struct mlg_rows *kept = &view->scan->kept;
    const size_t classes = by_class ? view->scan->classes.count : 1;
    size_t count;
    const uint32_t *index = mlg_scan_rows(view->scan, view->slicing, view->slice, &count);
    struct mlg_sum *squares = MLG_NEW_ARRAY(view->scratch, struct mlg_sum, classes);
    uint64_t *rows = MLG_NEW_ARRAY(view->scratch, uint64_t, classes);
    if (!squares || !rows)
        return false;
    for (size_t i = 0; i < count; i++) {
        const size_t row = index ? index[i] : i, class = by_class ? kept->label[row] : 0;
        if (!(mlg_family_weight(kept, row) > 0))
            continue;
        mlg_sum_add_product(&squares[class], influence[i], influence[i]);
        rows[class]++;
    }
    *variance = 0;
    *smallest = UINT64_MAX;
    *told = true;
    for (size_t c = 0; c < classes; c++) {
        if (rows[c] == 0)
            continue;
        if (rows[c] == 1)
            *told = false;
        else
            *variance += mlg_sum_round(&squares[c]) * ((double)rows[c] / (double)(rows[c] - 1));
        *smallest = rows[c] < *smallest ? rows[c] : *smallest;
    }
    return true;
}

/* ---- roc_auc ------------------------------------------------------------------------------------ */

enum { ROUGH_BELOW = 10 };

/* The smaller class decides how much an area can be trusted: of so many rows, and as many effective ones. */
static void area_evidence(const struct mlg_view *view, double variance, uint64_t rows, double effective,
                          struct mlg_evidence *evidence)
{
    evidence->smaller_class = effective;
    if (rows < 2 && evidence->value > 0 && evidence->value < 1) {
        mlg_family_note(evidence, "DeLong's variance needs two rows of each class");
        return;
    }
    evidence->kind = MLG_AUC;
    evidence->method = view->scan->weighted ? MLG_METHOD_LINEARISED : MLG_METHOD_DELONG;
    evidence->standard_error = sqrt(variance);
    if (rows < ROUGH_BELOW)
        mlg_family_note(evidence, "a class has %u %s: the interval is rough", (unsigned)rows,
                        mlg_plural((uint64_t)rows, "row", "rows"));
}

/* Up to a false positive rate, standardised so that chance is 1/2 and perfection 1 (McClish 1989). */
static double partial_area(const struct mlg_ranked_view *ranked, double most)
{
    struct mlg_ranked_walk walk = mlg_ranked_begin(ranked);
    struct mlg_ranked_block block;
    struct running positive = {0}, negative = {0}, area = {0};
    double fpr = 0, tpr = 0;
    while (fpr < most && mlg_ranked_next(&walk, &block)) {
        add(&positive, block.positive);
        add(&negative, block.negative);
        double next_fpr = fmin(1, total(&negative) / ranked->negatives);
        double next_tpr = fmin(1, total(&positive) / ranked->positives);
        if (next_fpr > most) {
            next_tpr = tpr + (next_tpr - tpr) * ((most - fpr) / (next_fpr - fpr));
            next_fpr = most;
        }
        add(&area, (next_fpr - fpr) * (tpr + next_tpr) / 2);
        fpr = next_fpr;
        tpr = next_tpr;
    }
    const double chance = most * most / 2;
    return 0.5 * (1 + (total(&area) - chance) / (most - chance));
}

/* Rows of one class only, or none of the positive. */
static int one_sided(const struct mlg_view *view, const struct mlg_ranked_view *ranked,
                     struct mlg_evidence *evidence)
{
    if (ranked->positive_rows == 0 && view->scan->classes.count > 2)
        return no_positives(view, ranked, (size_t)view->scan->classes.positive, evidence);
    return only_one_class(view, ranked, evidence);
}

static int binary_area(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                       double *influence, struct mlg_error *error)
{
    const struct mlg_ranked_view *ranked = rank_positive(view);
    if (!ranked)
        return no_memory(error);
    evidence->n = rows_of(ranked);
    if (ranked->positive_rows == 0 || ranked->negative_rows == 0)
        return one_sided(view, ranked, evidence);
    if (call->arguments.max_fpr < 1) {
        evidence->value = partial_area(ranked, call->arguments.max_fpr);
        return MLG_OK;
    }
    const struct area area = area_of(ranked);
    evidence->value = area.value;
    const uint64_t rows =
        ranked->positive_rows < ranked->negative_rows ? ranked->positive_rows : ranked->negative_rows;
    area_evidence(view, area.variance_positive + area.variance_negative, rows, area.smaller, evidence);
    struct table table;
    if (!influence)
        return MLG_OK;
    if (!area_influence(ranked, area.value, view->scratch, &table))
        return no_memory(error);
    const uint32_t positive = (uint32_t)view->scan->classes.positive;
    table_apply(&table, view, view->scan->kept.score_count == 1 ? 0 : positive, positive, 1, influence);
    return MLG_OK;
}

/* One class against the rest: the mean over the classes, all alike or by their rows. A row's influence is
 * the mean of its influence on the areas. */
static int areas_against_rest(const struct mlg_call *call, struct mlg_view *view,
                              struct mlg_evidence *evidence, double *influence, struct mlg_error *error)
{
    const size_t classes = view->scan->kept.score_count;
    const bool by_rows = call->arguments.average == MLG_WEIGHTED;
    struct running sum = {0}, weights = {0};
    double effective = (double)INFINITY;
    size_t count;
    mlg_scan_rows(view->scan, view->slicing, view->slice, &count);
    if (!influence && !by_rows && !(influence = MLG_NEW_ARRAY(view->scratch, double, count)))
        return no_memory(error);
    for (size_t k = 0; k < classes; k++) {
        const struct mlg_ranked_view *ranked = mlg_ranked(view, k, (uint32_t)k, -1);
        struct table table;
        if (!ranked)
            return no_memory(error);
        evidence->n = rows_of(ranked);
        if (ranked->positive_rows == 0)
            return no_positives(view, ranked, k, evidence);
        if (ranked->negative_rows == 0)
            return only_one_class(view, ranked, evidence);
        const struct area area = area_of(ranked);
        const double weight = by_rows ? ranked->positives : 1, value = area.value;
        effective = fmin(effective, area.smaller);
        add(&sum, weight * value);
        add(&weights, weight);
        if (by_rows)
            continue;
        if (!area_influence(ranked, value, view->scratch, &table))
            return no_memory(error);
        table_apply(&table, view, k, (uint32_t)k, 1 / (double)classes, influence);
    }
    double variance;
    uint64_t smallest;
    bool told;
    evidence->value = total(&sum) / total(&weights);
    if (by_rows)
        return MLG_OK;
    if (!influence_variance(view, influence, true, &variance, &told, &smallest))
        return no_memory(error);
    area_evidence(view, variance, smallest, effective, evidence);
    return MLG_OK;
}

/* All pairs of classes (Hand and Till 2001): of each the mean of both views of it. */
static int areas_of_pairs(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                          struct mlg_error *error)
{
    const size_t classes = view->scan->kept.score_count;
    struct running sum = {0}, weights = {0};
    size_t rows;
    mlg_scan_rows(view->scan, view->slicing, view->slice, &rows);
    evidence->n = rows;
    for (size_t a = 0; a < classes; a++)
        for (size_t b = a + 1; b < classes; b++) {
            struct mlg_arena arena; /* of one pair: all pairs at once would be many times the data */
            struct mlg_view pair = *view;
            mlg_arena_init(&arena, view->scratch->maximum);
            pair.scratch = &arena;
            pair.ranked = NULL;
            const struct mlg_ranked_view *first = mlg_ranked(&pair, a, (uint32_t)a, (int64_t)b);
            const struct mlg_ranked_view *second =
                first ? mlg_ranked(&pair, b, (uint32_t)b, (int64_t)a) : NULL;
            int code = MLG_OK;
            bool stop = true;
            if (!second) {
                code = no_memory(error);
            } else if (first->positive_rows == 0 || first->negative_rows == 0) {
                mlg_evidence_undefined(evidence, "no row of class '%.100s' among %zu %s",
                                       class_name(view, first->positive_rows == 0 ? a : b), rows,
                                       mlg_plural(rows, "row", "rows"));
            } else {
                const bool by_rows = call->arguments.average == MLG_WEIGHTED;
                const double weight = by_rows ? (double)rows_of(first) : 1;
                add(&sum, weight * (area_of(first).value + area_of(second).value) / 2);
                add(&weights, weight);
                stop = false;
            }
            mlg_arena_free(&arena);
            if (stop)
                return code;
        }
    evidence->value = total(&sum) / total(&weights);
    return MLG_OK;
}

static int area_evaluate(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                         double *influence, struct mlg_error *error)
{
    if (is_binary(view)) {
        if (!mlg_family_positive_known(view, evidence))
            return MLG_OK;
        return binary_area(call, view, evidence, influence, error);
    }
    if (call->arguments.multi_class == MLG_OVO)
        return areas_of_pairs(call, view, evidence, error);
    return areas_against_rest(call, view, evidence, influence, error);
}

/* A score that tells nothing apart. */
static int area_constant(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                         struct mlg_error *error)
{
    size_t rows;
    (void)call, (void)error;
    mlg_scan_rows(view->scan, view->slicing, view->slice, &rows);
    evidence->kind = MLG_VALUE_ONLY;
    evidence->value = 0.5;
    evidence->numerator = 1;
    evidence->denominator = 2;
    evidence->n = rows;
    return MLG_OK;
}

static int area_check(const struct mlg_call *call, struct mlg_error *error)
{
    const int average = call->arguments.average;
    if (call->arguments.max_fpr < 1 &&
        (call->arguments.multi_class == MLG_OVO || average != MLG_AVERAGE_DEFAULT))
        return mlg_error_set(error, MLG_CONFIG,
                             "'%s(max_fpr=...)' is for two classes, where there is nothing to average",
                             call->metric->name);
    return MLG_OK;
}

/* Labels and scores; with one or two columns of scores also which class is the positive one. */
static int plan_scores(struct mlg_plan *plan, struct mlg_error *error)
{
    int code = MLG_OK;
    if (mlg_plan_score_count(plan) <= 2)
        code = mlg_plan_reads(plan, MLG_READS_POSITIVE, error);
    return code ? code : mlg_plan_keep(plan, MLG_KEEP_LABEL | MLG_KEEP_SCORES, error);
}

static int area_plan(struct mlg_call *call, struct mlg_plan *plan, struct mlg_error *error)
{
    const bool several = mlg_plan_score_count(plan) > 2;
    if (several && call->arguments.max_fpr < 1)
        return mlg_error_set(error, MLG_CONFIG,
                             "'%s(max_fpr=...)' is for two classes, but there are scores of %zu",
                             call->metric->name, mlg_plan_score_count(plan));
    if (several && call->arguments.multi_class == MLG_OVO && mlg_plan_weighted(plan))
        return mlg_error_set(error, MLG_CONFIG,
                             "'%s(multi_class=ovo)' takes no weights; use multi_class=ovr, or no 'weight'",
                             call->metric->name);
    return plan_scores(plan, error);
}

/* ---- average_precision -------------------------------------------------------------------------- */

/* The mean precision at the positives. */
static double average_precision(const struct mlg_ranked_view *ranked)
{
    struct mlg_ranked_walk walk = mlg_ranked_begin(ranked);
    struct mlg_ranked_block block;
    struct running positive = {0}, negative = {0}, sum = {0};
    bool perfect = true;
    while (mlg_ranked_next(&walk, &block)) {
        add(&positive, block.positive);
        add(&negative, block.negative);
        if (!(block.positive > 0))
            continue;
        perfect = perfect && !(total(&negative) > 0);
        add(&sum, block.positive * (total(&positive) / (total(&positive) + total(&negative))));
    }
    return perfect ? 1 : fmin(1, total(&sum) / ranked->positives);
}

/* What a block adds to the precision of its positives, per positive, and takes from it, per row. */
static void precision_shares(const struct mlg_ranked_block *block, double positive, double negative,
                             double *share, double *drop)
{
    const double rows = positive + negative;
    *share = block->positive / rows;
    *drop = block->positive * (positive / rows) / rows;
}

/* The sum of the squared influence over all rows (see precision_influence), without a table of it: what comes
 * after a block is all less what came before. */
static double precision_variance(const struct mlg_ranked_view *ranked, double value)
{
    struct running gain = {0}, loss = {0}, squares = {0};
    double share, drop;
    for (int pass = 0; pass < 2; pass++) {
        struct mlg_ranked_walk walk = mlg_ranked_begin(ranked);
        struct mlg_ranked_block block;
        struct running positive = {0}, negative = {0};
        while (mlg_ranked_next(&walk, &block)) {
            add(&positive, block.positive);
            add(&negative, block.negative);
            precision_shares(&block, total(&positive), total(&negative), &share, &drop);
            if (pass == 0) {
                add(&gain, share);
                add(&loss, drop);
                continue;
            }
            const double own = total(&positive) / (total(&positive) + total(&negative)) - value;
            const double of_positive = own + total(&gain) - total(&loss), of_negative = total(&loss);
            add(&squares, block.positive_square * of_positive * of_positive);
            add(&squares, block.negative_square * of_negative * of_negative);
            add(&gain, -share);
            add(&loss, -drop);
        }
    }
    return total(&squares) / (ranked->positives * ranked->positives);
}

/* A row of weight 1 shifts its own precision, if it is positive, and the precision at every positive with
 * the same or a lower score. */
static bool precision_influence(const struct mlg_ranked_view *ranked, double value, struct mlg_arena *arena,
                                struct table *table)
{
    struct mlg_ranked_walk walk = mlg_ranked_begin(ranked);
    struct mlg_ranked_block block;
    struct running positive = {0}, negative = {0}, gain = {0}, loss = {0};
    double *share, *drop;
    if (!table_new(table, ranked, arena))
        return false;
    share = MLG_NEW_ARRAY(arena, double, table->count);
    drop = MLG_NEW_ARRAY(arena, double, table->count);
    if (!share || !drop)
        return false;
    for (size_t b = 0; mlg_ranked_next(&walk, &block); b++) {
        add(&positive, block.positive);
        add(&negative, block.negative);
        table->score[b] = block.score;
        table->positive[b] = total(&positive) / (total(&positive) + total(&negative)) - value;
        precision_shares(&block, total(&positive), total(&negative), &share[b], &drop[b]);
    }
    for (size_t b = table->count; b-- > 0;) {
        add(&gain, share[b]);
        add(&loss, drop[b]);
        table->positive[b] = (table->positive[b] + (total(&gain) - total(&loss))) / ranked->positives;
        table->negative[b] = -total(&loss) / ranked->positives;
    }
    return true;
}

struct perfect_state {
    double positives;
};

/* Every positive stands before all others: as with n successes in n trials, at least alpha^(1/n). */
static int perfect_bounds(const void *state, double confidence, double multiplier, double *lower,
                          double *upper)
{
    const struct perfect_state *perfect = state;
    *lower = pow(1 - confidence, 1 / (perfect->positives * multiplier));
    *upper = 1;
    return 0;
}

static int perfect_precision(struct mlg_view *view, double positives, struct mlg_evidence *evidence,
                             struct mlg_error *error)
{
    struct perfect_state *state = MLG_NEW(view->scratch, struct perfect_state);
    if (!state)
        return no_memory(error);
    state->positives = positives;
    evidence->kind = MLG_BOUNDS;
    evidence->method = MLG_METHOD_CLOPPER_PEARSON;
    evidence->bounds = perfect_bounds;
    evidence->state = state;
    return MLG_OK;
}

enum { ROUGH_PRECISION_BELOW = 30 };

/* On the logit scale, as Boyd's: nearer to the stated confidence than the plain one, and within the range. */
static void precision_evidence(double standard_error, enum mlg_method method, struct mlg_evidence *evidence)
{
    evidence->kind = MLG_LOGIT_SE;
    evidence->method = method;
    evidence->standard_error = standard_error / (evidence->value * (1 - evidence->value));
}

static int no_labels(const struct mlg_ranked_view *ranked, struct mlg_evidence *evidence)
{
    return mlg_evidence_undefined(evidence, "no positive labels in %zu %s", rows_of(ranked),
                                  mlg_plural(rows_of(ranked), "row", "rows"));
}

/* The effective number of positive rows. */
static double effective_positives(const struct mlg_ranked_view *ranked)
{
    struct mlg_ranked_walk walk = mlg_ranked_begin(ranked);
    struct mlg_ranked_block block;
    struct running squares = {0};
    if (!ranked->weighted)
        return ranked->positives;
    while (mlg_ranked_next(&walk, &block))
        add(&squares, block.positive_square);
    return ranked->positives * ranked->positives / total(&squares);
}

static int binary_precision(struct mlg_view *view, struct mlg_evidence *evidence, double *influence,
                            struct mlg_error *error)
{
    const uint32_t positive = (uint32_t)view->scan->classes.positive;
    const struct mlg_ranked_view *ranked = rank_positive(view);
    struct table table;
    if (!ranked)
        return no_memory(error);
    evidence->n = rows_of(ranked);
    if (ranked->positive_rows == 0)
        return no_labels(ranked, evidence);
    if (ranked->negative_rows == 0)
        return only_one_class(view, ranked, evidence);
    const double value = evidence->value = average_precision(ranked), rows = (double)rows_of(ranked);
    if (influence) {
        if (!precision_influence(ranked, value, view->scratch, &table))
            return no_memory(error);
        table_apply(&table, view, view->scan->kept.score_count == 1 ? 0 : positive, positive, 1, influence);
    }
    const double positives = effective_positives(ranked);
    if (value >= 1)
        return perfect_precision(view, positives, evidence, error);
    if (ranked->positive_rows < ROUGH_PRECISION_BELOW)
        mlg_family_note(evidence, "%u positive %s: the interval is rough", (unsigned)ranked->positive_rows,
                        mlg_plural(ranked->positive_rows, "row", "rows"));
    /* Boyd's error looks at the positives alone and is too small where negatives are few; that of all rows is
     * too small where positives are. */
    const double boyd = value * (1 - value) / positives;
    const double all = precision_variance(ranked, value) * (rows / (rows - 1));
    precision_evidence(sqrt(fmax(boyd, all)), ranked->weighted ? MLG_METHOD_LINEARISED : MLG_METHOD_LOGIT,
                       evidence);
    evidence->degrees = fmax(1, fmin(positives, (double)ranked->negative_rows) - 1);
    evidence->optimism = mlg_family_optimism(value, rows);
    return MLG_OK;
}

static int mean_precision(struct mlg_view *view, struct mlg_evidence *evidence, double *influence,
                          struct mlg_error *error)
{
    const size_t classes = view->scan->kept.score_count;
    struct running sum = {0};
    uint64_t smallest = UINT64_MAX, unused_rows;
    bool perfect = true, told;
    double variance, positives = (double)INFINITY;
    size_t count;
    mlg_scan_rows(view->scan, view->slicing, view->slice, &count);
    if (!influence && !(influence = MLG_NEW_ARRAY(view->scratch, double, count)))
        return no_memory(error);
    for (size_t k = 0; k < classes; k++) {
        const struct mlg_ranked_view *ranked = mlg_ranked(view, k, (uint32_t)k, -1);
        struct table table;
        if (!ranked)
            return no_memory(error);
        evidence->n = rows_of(ranked);
        if (ranked->positive_rows == 0)
            return no_positives(view, ranked, k, evidence);
        if (ranked->negative_rows == 0)
            return only_one_class(view, ranked, evidence);
        const double value = average_precision(ranked);
        if (!precision_influence(ranked, value, view->scratch, &table))
            return no_memory(error);
        positives = fmin(positives, effective_positives(ranked));
        table_apply(&table, view, k, (uint32_t)k, 1 / (double)classes, influence);
        add(&sum, value);
        perfect = perfect && value >= 1;
        smallest = ranked->positive_rows < smallest ? ranked->positive_rows : smallest;
    }
    evidence->value = perfect ? 1 : total(&sum) / (double)classes;
    if (perfect)
        return perfect_precision(view, positives, evidence, error);
    if (!influence_variance(view, influence, false, &variance, &told, &unused_rows))
        return no_memory(error);
    if (!told)
        return MLG_OK;
    if (smallest < ROUGH_PRECISION_BELOW)
        mlg_family_note(evidence, "a class has %u %s: the interval is rough", (unsigned)smallest,
                        mlg_plural((uint64_t)smallest, "row", "rows"));
    precision_evidence(sqrt(variance), view->scan->weighted ? MLG_METHOD_LINEARISED : MLG_METHOD_DELTA,
                       evidence);
    evidence->degrees = fmax(1, positives - 1);
    evidence->optimism = mlg_family_optimism(evidence->value, (double)evidence->n);
    return MLG_OK;
}

static int precision_evaluate(const struct mlg_call *call, struct mlg_view *view,
                              struct mlg_evidence *evidence, double *influence, struct mlg_error *error)
{
    (void)call;
    if (!is_binary(view))
        return mean_precision(view, evidence, influence, error);
    if (!mlg_family_positive_known(view, evidence))
        return MLG_OK;
    return binary_precision(view, evidence, influence, error);
}

/* Of equal scores, one for all: the share of the positives; over all classes these add up to 1. */
static int precision_constant(const struct mlg_call *call, struct mlg_view *view,
                              struct mlg_evidence *evidence, struct mlg_error *error)
{
    (void)call;
    evidence->kind = MLG_VALUE_ONLY;
    if (!is_binary(view)) {
        size_t rows;
        mlg_scan_rows(view->scan, view->slicing, view->slice, &rows);
        evidence->value = 1 / (double)view->scan->kept.score_count;
        evidence->n = rows;
        return MLG_OK;
    }
    if (!mlg_family_positive_known(view, evidence))
        return MLG_OK;
    const struct mlg_ranked_view *ranked = rank_positive(view);
    if (!ranked)
        return no_memory(error);
    evidence->n = rows_of(ranked);
    if (ranked->positive_rows == 0)
        return no_labels(ranked, evidence);
    evidence->value = ranked->positives / (ranked->positives + ranked->negatives);
    if (ranked->weighted)
        return MLG_OK;
    evidence->kind = MLG_PROPORTION;
    evidence->method = MLG_METHOD_WILSON;
    evidence->numerator = ranked->positive_rows;
    evidence->denominator = rows_of(ranked);
    return MLG_OK;
}

static int precision_plan(struct mlg_call *call, struct mlg_plan *plan, struct mlg_error *error)
{
    (void)call;
    return plan_scores(plan, error);
}

/* ---- the best of one rate where another is held ------------------------------------------------- */

enum rate { RECALL, PRECISION, FALSE_POSITIVES, SPECIFICITY };
static const char *const rate_names[] = {"recall", "precision", "false positive rate", "specificity"};

struct constraint {
    enum rate best, held;
    bool at_most; /* held <= x, else >= x */
};

/* Predicted positive are the rows down to a threshold. */
struct above {
    double positive, negative, positives, negatives;
};

static void rate_of(enum rate rate, const struct above *above, double *numerator, double *denominator)
{
    *numerator = rate == FALSE_POSITIVES ? above->negative
                 : rate == SPECIFICITY   ? above->negatives - above->negative
                                         : above->positive;
    *denominator = rate == RECALL      ? above->positives
                   : rate == PRECISION ? above->positive + above->negative
                                       : above->negatives;
}

struct best {
    bool found;
    double numerator, denominator, nearest; /* nearest: of the held rate, to what it should reach */
};

static void try_threshold(const struct constraint *constraint, double x, const struct above *above,
                          struct best *best)
{
    double numerator, denominator;
    rate_of(constraint->held, above, &numerator, &denominator);
    const double held = numerator / denominator;
    if (constraint->at_most ? held > x : held < x) {
        best->nearest = fmax(best->nearest, held); /* only rates to be reached can be missed */
        return;
    }
    rate_of(constraint->best, above, &numerator, &denominator);
    if (best->found && !(numerator / denominator > best->numerator / best->denominator))
        return;
    best->found = true;
    best->numerator = numerator;
    best->denominator = denominator;
}

static int constrained_evaluate(const struct mlg_call *call, struct mlg_view *view,
                                struct mlg_evidence *evidence, double *influence, struct mlg_error *error)
{
    const struct constraint *constraint = call->metric->kernel;
    const double x = call->arguments.x;
    (void)influence;
    if (!mlg_family_positive_known(view, evidence))
        return MLG_OK;
    const struct mlg_ranked_view *ranked = rank_positive(view);
    if (!ranked)
        return no_memory(error);
    evidence->n = rows_of(ranked);
    const bool with_negatives = constraint->best == SPECIFICITY || constraint->held == FALSE_POSITIVES;
    if (ranked->positive_rows == 0)
        return no_labels(ranked, evidence);
    if (with_negatives && ranked->negative_rows == 0)
        return only_one_class(view, ranked, evidence);
    struct mlg_ranked_walk walk = mlg_ranked_begin(ranked);
    struct mlg_ranked_block block;
    struct running positive = {0}, negative = {0};
    struct best best = {0};
    struct above above = {0, 0, ranked->positives, ranked->negatives};
    if (constraint->at_most) /* the curve begins where nothing is predicted */
        try_threshold(constraint, x, &above, &best);
    while (mlg_ranked_next(&walk, &block)) {
        add(&positive, block.positive);
        add(&negative, block.negative);
        above.positive = fmin(total(&positive), ranked->positives);
        above.negative = fmin(total(&negative), ranked->negatives);
        try_threshold(constraint, x, &above, &best);
    }
    if (!best.found)
        return mlg_evidence_undefined(evidence, "no threshold reaches a %s of %.6g; the best is %.6g",
                                      rate_names[constraint->held], x, best.nearest);
    evidence->value = best.numerator / best.denominator;
    if (!ranked->weighted) {
        evidence->numerator = (uint64_t)best.numerator;
        evidence->denominator = (uint64_t)best.denominator;
    }
    return MLG_OK;
}

static int constrained_plan(struct mlg_call *call, struct mlg_plan *plan, struct mlg_error *error)
{
    const size_t columns = mlg_plan_score_count(plan);
    if (columns > 2)
        return mlg_error_set(error, MLG_CONFIG, "'%s' is for two classes, but there are scores of %zu",
                             call->metric->name, columns);
    return plan_scores(plan, error);
}

/* ---- rows --------------------------------------------------------------------------------------- */

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

const struct mlg_metric mlg_metric_roc_auc = {
    .name = "roc_auc",
    .aliases = NAMES("roc_auc_score", "auroc"),
    .about = "chance that a positive row scores higher than another row: the area under the ROC curve",
    .definition =
        "(pairs of a positive and another row that are in order + half of those with equal scores) / "
        "pairs. max_fpr: the area up to that false positive rate, standardised after McClish. More "
        "than two classes: the mean over classes, each against the rest (ovr), or over pairs of "
        "classes (ovo, Hand and Till). max_fpr and ovo have no interval",
    .undefined_when = "only one class is in the labels; with more than two classes, one has no rows",
    .source = "scikit-learn roc_auc_score",
    .arguments = NAMES("max_fpr", "multi_class", "average"),
    .params = mlg_family_area_params,
    .direction = MLG_HIGHER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .reads = MLG_READS_LABEL | MLG_READS_SCORE,
    .method = MLG_METHOD_DELONG,
    .accuracy_like = true,
    .plan = area_plan,
    .evaluate = area_evaluate,
    .constant = area_constant,
    .check = area_check};

const struct mlg_metric mlg_metric_average_precision = {
    .name = "average_precision",
    .aliases = NAMES("average_precision_score"),
    .about = "mean over the positive rows of the precision down to their score",
    .definition = "sum over distinct scores, descending, of (recall - recall before) * precision; no "
                  "interpolation. More than two classes: the mean over classes, each against the rest",
    .undefined_when = "no row is labelled positive, or all are (scikit-learn says 1); with more than two "
                      "classes, one has no rows",
    .source = "scikit-learn average_precision_score",
    .direction = MLG_HIGHER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .reads = MLG_READS_LABEL | MLG_READS_SCORE,
    .method = MLG_METHOD_LOGIT,
    .accuracy_like = true,
    .plan = precision_plan,
    .evaluate = precision_evaluate,
    .constant = precision_constant};

#define CONSTRAINED                                                                                          \
    .arguments = NAMES("x"), .required_argument = "x", .direction = MLG_HIGHER_IS_BETTER, .minimum = 0,      \
    .maximum = 1, .reads = MLG_READS_LABEL | MLG_READS_SCORE | MLG_READS_POSITIVE,                           \
    .method = MLG_METHOD_NONE, .plan = constrained_plan, .evaluate = constrained_evaluate

const struct mlg_metric mlg_metric_precision_at_recall = {
    .name = "precision_at_recall",
    .about = "the best precision among thresholds whose recall is at least x",
    .definition = "max of tp / (tp + fp) over thresholds (positive: score >= threshold) with recall >= x",
    .undefined_when = "no row is labelled positive",
    .source = "scikit-learn precision_recall_curve",
    .kernel = &(const struct constraint){PRECISION, RECALL, false},
    CONSTRAINED};

const struct mlg_metric mlg_metric_recall_at_precision = {
    .name = "recall_at_precision",
    .about = "the best recall among thresholds whose precision is at least x",
    .definition = "max of tp / (tp + fn) over thresholds (positive: score >= threshold) with precision >= x",
    .undefined_when = "no row is labelled positive, or no threshold reaches the precision",
    .source = "scikit-learn precision_recall_curve",
    .kernel = &(const struct constraint){RECALL, PRECISION, false},
    CONSTRAINED};

const struct mlg_metric mlg_metric_tpr_at_fpr = {
    .name = "tpr_at_fpr",
    .about = "the best true positive rate among thresholds whose false positive rate is at most x",
    .definition =
        "max of tp / (tp + fn) over thresholds (positive: score >= threshold, or nothing) with fp / "
        "(fp + tn) <= x",
    .undefined_when = "only one class is in the labels",
    .source = "scikit-learn roc_curve",
    .kernel = &(const struct constraint){RECALL, FALSE_POSITIVES, true},
    CONSTRAINED};

const struct mlg_metric mlg_metric_specificity_at_recall = {
    .name = "specificity_at_recall",
    .about = "the best specificity among thresholds whose recall is at least x",
    .definition = "max of tn / (tn + fp) over thresholds (positive: score >= threshold) with recall >= x",
    .undefined_when = "only one class is in the labels",
    .source = "scikit-learn roc_curve",
    .kernel = &(const struct constraint){SPECIFICITY, RECALL, false},
    CONSTRAINED};
