/* constant: a model that answers the same to every row has learnt nothing, however good its accuracy looks
 * where one class is common. */
#include "mlgate/run.h"

const char *mlg_constant_answers(const struct mlg_scan *scan, unsigned reads, struct mlg_arena *arena)
{
    const struct mlg_classes *classes = &scan->classes;
    if (scan->data->allow_constant)
        return NULL;
    size_t labels = 0, predictions = 0;
    const char *answer = "";
    for (size_t c = 0; c < classes->count; c++) {
        labels += classes->label_rows[c] > 0;
        predictions += classes->prediction_rows[c] > 0;
        if (classes->prediction_rows[c] > 0)
            answer = classes->names[c];
    }
    const char *what = NULL;
    const bool by_threshold = !scan->data->prediction && scan->score_count == 1;
    if ((reads & MLG_READS_PREDICTION) && classes->has_predictions && labels > 1 && predictions == 1 &&
        by_threshold && scan->score_ranges[0].minimum < scan->score_ranges[0].maximum)
        return mlg_arena_format(
            arena,
            "every prediction is '%s' while the labels vary: the threshold %g lies on one "
            "side of all scores, from %g to %g; set %s between them, or %s%s",
            answer, scan->data->threshold, scan->score_ranges[0].minimum, scan->score_ranges[0].maximum,
            mlg_data_option(scan->data, "threshold", NULL).text,
            mlg_data_option(scan->data, "allow_constant", "true").text, mlg_data_where(scan->data).text);
    if ((reads & MLG_READS_PREDICTION) && classes->has_predictions && labels > 1 && predictions == 1)
        what = mlg_arena_format(arena, "every prediction is '%s' while the labels vary", answer);
    bool constant_scores = scan->score_count > 0 && (reads & (MLG_READS_SCORE | MLG_READS_PROBABILITY));
    for (size_t s = 0; constant_scores && s < scan->score_count; s++)
        constant_scores = scan->score_ranges[s].minimum == scan->score_ranges[s].maximum;
    if (!what && constant_scores && labels > 1)
        what =
            mlg_arena_format(arena, "every score is %g while the labels vary", scan->score_ranges[0].minimum);
    if (!what && (reads & MLG_READS_PREDICTION_NUMBER) && (reads & MLG_READS_LABEL_NUMBER) &&
        scan->prediction_range.minimum == scan->prediction_range.maximum &&
        scan->label_range.minimum < scan->label_range.maximum)
        what = mlg_arena_format(arena, "every prediction is %g while the labels vary",
                                scan->prediction_range.minimum);
    return what ? mlg_arena_format(arena, "%s: the model has learnt nothing; if that is meant, set %s%s",
                                   what, mlg_data_option(scan->data, "allow_constant", "true").text,
                                   mlg_data_where(scan->data).text)
                : NULL;
}
