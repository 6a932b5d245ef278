/* metric_scoring: the scoring rate, which New York's rule on hiring tools compares between groups. */
#include <math.h>
#include <string.h>

#include "family.h"

static int scoring_plan(struct mlg_call *call, struct mlg_plan *plan, struct mlg_error *error)
{
    (void)call;
    return mlg_plan_keep(plan, MLG_KEEP_SCORES, error);
}

/* Of all rows that were read, whatever the slice. */
static int median_score(const struct mlg_view *view, double *median, struct mlg_error *error)
{
    const struct mlg_rows *kept = &view->scan->kept;
    const size_t count = kept->count;
    double *values = MLG_NEW_ARRAY(view->scratch, double, count);
    if (!values)
        return mlg_error_set(error, MLG_LIMIT, "no memory to find the median score");
    memcpy(values, kept->scores[0], count * sizeof *values);
    const double upper = mlg_family_select(values, count, count / 2);
    *median = upper;
    if (count % 2 == 0)
        *median = mlg_family_select(values, count, count / 2 - 1) / 2 + upper / 2;
    return MLG_OK;
}

static int scoring_evaluate(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                            double *influence, struct mlg_error *error)
{
    const struct mlg_rows *kept = &view->scan->kept;
    size_t count;
    double median = 0, weight = 0, above_weight = 0;
    uint64_t above = 0;
    const uint32_t *index = mlg_scan_rows(view->scan, view->slicing, view->slice, &count);
    mlg_family_begin(call, evidence);
    evidence->n = count;
    if (count == 0)
        return mlg_evidence_undefined(evidence, "no rows");
    if (!kept->scores || kept->score_count != 1)
        return mlg_evidence_undefined(evidence, "a scoring rate is of one score column");
    int code = median_score(view, &median, error);
    if (code != MLG_OK)
        return code;
    for (size_t i = 0; i < count; i++) {
        const size_t row = index ? index[i] : i;
        const double w = mlg_family_weight(kept, row);
        const bool is_above = kept->scores[0][row] > median;
        weight += w;
        above += is_above;
        above_weight += is_above ? w : 0;
    }
    if (!(weight > 0))
        return mlg_evidence_undefined(evidence, "all weights are 0");
    evidence->value = above_weight / weight;
    for (size_t i = 0; influence && i < count; i++) {
        const size_t row = index ? index[i] : i;
        influence[i] = mlg_family_weight(kept, row) *
                       ((kept->scores[0][row] > median ? 1 : 0) - evidence->value) / weight;
    }
    if (influence) { /* clusters: the sandwich makes the bounds */
        evidence->method = MLG_METHOD_WILSON;
        return MLG_OK;
    }
    if (view->scan->weighted)
        return MLG_OK;
    evidence->kind = MLG_PROPORTION;
    evidence->method = MLG_METHOD_WILSON;
    evidence->numerator = above;
    evidence->denominator = count;
    return MLG_OK;
}

const struct mlg_metric mlg_metric_scoring_rate = {
    .name = "scoring_rate",
    .about = "the share of rows with a score above the median score of all rows",
    .definition = "rows with score > median score of the whole table / rows; the median is taken as given",
    .undefined_when = "there are no rows, or several score columns",
    .source = "New York City rule 6 RCNY 5-301, of which the impact ratio is scoring_rate_ratio",
    .reads = MLG_READS_SCORE,
    .direction = MLG_NO_DIRECTION,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_WILSON,
    .plan = scoring_plan,
    .evaluate = scoring_evaluate,
};
