/* Verdicts: the one table of their words, and an estimate against a limit. */
#include "mlgate/verdict.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlgate/param.h"

/* ---- the table ---------------------------------------------------------------------------------- */

/* What blocks is an error in every reader's colours, also where the data cannot tell: the pipeline is red. */
const struct mlg_verdict_row mlg_verdicts[MLG_VERDICT_COUNT] = {
    [MLG_PASS] = {"pass",
                  "pass",
                  MLG_EXIT_PASS,
                  0,
                  NULL,
                  NULL,
                  "\xe2\x9c\x85", /* a check mark */
                  "pass",
                  {"none", "none"},
                  {NULL, NULL}},
    [MLG_FAIL] = {"fail",
                  "FAIL",
                  MLG_EXIT_FAIL,
                  3,
                  "failure",
                  "mlgate.threshold",
                  "\xe2\x9d\x8c", /* a cross */
                  "fail",
                  {"warning", "error"},
                  {"minor", "blocker"}},
    [MLG_INCONCLUSIVE] = {"inconclusive",
                          "????",
                          MLG_EXIT_INCONCLUSIVE,
                          1,
                          "failure",
                          "inconclusive",
                          "\xe2\x9d\x94", /* a question mark */
                          "open",
                          {"warning", "error"},
                          {"minor", "major"}},
    [MLG_VERDICT_ERROR] = {"error",
                           "ERR!",
                           MLG_EXIT_ERROR,
                           2,
                           "error",
                           "mlgate.data",
                           "\xf0\x9f\x9a\xab", /* no entry */
                           "fail",
                           {"warning", "error"},
                           {"minor", "critical"}},
    [MLG_WAIVED] = {"waived",
                    "waiv",
                    MLG_EXIT_PASS,
                    0,
                    "skipped",
                    "mlgate.waived",
                    "\xe2\x8f\xb8", /* a pause */
                    "fail",
                    {"note", "note"},
                    {"info", "info"}},
    [MLG_NOT_APPLICABLE] = {"not_applicable",
                            "n/a ",
                            MLG_EXIT_PASS,
                            0,
                            "skipped",
                            "mlgate.not_applicable",
                            "\xe2\x9e\x96", /* a dash */
                            "notApplicable",
                            {"none", "none"},
                            {NULL, NULL}},
};

int mlg_verdict_find(const char *word)
{
    for (int i = 0; i < MLG_VERDICT_COUNT; i++)
        if (strcmp(word, mlg_verdicts[i].word) == 0)
            return i;
    return -1;
}

enum mlg_verdict mlg_verdict_worst(enum mlg_verdict a, enum mlg_verdict b)
{
    enum mlg_verdict worst = mlg_verdicts[a].rank >= mlg_verdicts[b].rank ? a : b;
    return mlg_verdicts[worst].rank == 0 ? MLG_PASS : worst;
}

/* ---- limits ------------------------------------------------------------------------------------- */

static bool holds(double value, enum mlg_comparator comparator, double limit)
{
    switch (comparator) {
    case MLG_AT_LEAST:
        return value >= limit;
    case MLG_AT_MOST:
        return value <= limit;
    case MLG_ABOVE:
        return value > limit;
    case MLG_BELOW:
        return value < limit;
    case MLG_NO_COMPARATOR:
        break;
    }
    return false;
}

enum mlg_limit_kind mlg_limit_judge(enum mlg_comparator comparator, const struct mlg_decimal *limit,
                                    double minimum, double maximum)
{
    double best = mlg_wants_more(comparator) ? maximum : minimum;
    double worst = mlg_wants_more(comparator) ? minimum : maximum;
    if (comparator == MLG_NO_COMPARATOR)
        return MLG_LIMIT_FAIR;
    if (isnan(limit->value) || !holds(mlg_decimal_compare_bound(best, limit), comparator, 0))
        return MLG_LIMIT_IMPOSSIBLE;
    return holds(mlg_decimal_compare_bound(worst, limit), comparator, 0) ? MLG_LIMIT_NEVER_FAILS
                                                                         : MLG_LIMIT_FAIR;
}

/* The value against the limit, in integers where it is made of counts. */
static int compare_value(const struct mlg_evidence *evidence, const struct mlg_decimal *limit)
{
    if (evidence->denominator > 0)
        return mlg_decimal_compare(evidence->numerator, evidence->denominator, limit);
    if (evidence->fractions)
        return mlg_fractions_compare(evidence->fractions, limit);
    return (evidence->value > limit->value) - (evidence->value < limit->value);
}

bool mlg_meets(const struct mlg_evidence *evidence, enum mlg_comparator comparator,
               const struct mlg_decimal *limit)
{
    if (evidence->kind == MLG_UNDEFINED || !isfinite(evidence->value) || isnan(limit->value))
        return false;
    return holds(compare_value(evidence, limit), comparator, 0);
}

int mlg_settings_method(const struct mlg_settings *settings)
{
    const struct mlg_param *row = mlg_params_find(mlg_settings_params, "interval");
    if (!row || !row->choices || settings->interval < 0)
        return MLG_METHOD_COUNT;
    for (int i = 0; row->choices[i]; i++)
        if (i == settings->interval)
            return mlg_method_find(row->choices[i]);
    return -1;
}

const char *mlg_settings_methods(bool (*takes)(const void *context, int method), const void *context,
                                 struct mlg_arena *arena)
{
    const struct mlg_param *row = mlg_params_find(mlg_settings_params, "interval");
    const char *suiting[MLG_METHOD_COUNT], *text = "auto";
    size_t count = 0;
    for (size_t i = 0; row && row->choices[i] && count < MLG_METHOD_COUNT; i++) {
        int method = mlg_method_find(row->choices[i]);
        if (method >= 0 && method != MLG_METHOD_COUNT && takes(context, method))
            suiting[count++] = row->choices[i];
    }
    for (size_t i = 0; i < count && text; i++)
        text = mlg_arena_format(arena, "%s%s%s", text, i + 1 < count ? ", " : " or ", suiting[i]);
    return text ? text : "auto";
}

/* ---- bounds against a limit --------------------------------------------------------------------- */

enum outcome { OPEN, GOOD, BAD };

static enum outcome decide(const struct mlg_bounds *bounds, enum mlg_comparator comparator, double limit)
{
    if (!bounds->known || isnan(bounds->lower) || isnan(bounds->upper))
        return OPEN;
    double cautious = mlg_wants_more(comparator) ? bounds->lower : bounds->upper;
    double generous = mlg_wants_more(comparator) ? bounds->upper : bounds->lower;
    if (holds(cautious, comparator, limit))
        return GOOD;
    return holds(generous, comparator, limit) ? OPEN : BAD;
}

struct question {
    const struct mlg_evidence *evidence;
    enum mlg_comparator comparator;
    double limit;
    int method;
};

static enum outcome ask(const struct question *question, double confidence, double multiplier)
{
    struct mlg_bounds bounds = mlg_interval(question->evidence, confidence, question->method, multiplier);
    return decide(&bounds, question->comparator, question->limit);
}

/* Up to two significant digits: it is "about" so many. */
static uint64_t round_up(double rows)
{
    double unit = 1;
    while (rows / unit > 99)
        unit *= 10;
    return (uint64_t)(ceil(rows / unit) * unit);
}

static const double most_rows = 1e6; /* times the rows at hand */

/* What collecting means: rows of the slice, of which the value rests on some. */
static uint64_t rows_of(const struct mlg_evidence *evidence)
{
    return evidence->rows ? evidence->rows : evidence->n;
}

/* How many rows that look the same would decide: the smallest multiple, doubled up to and then bisected. 0
 * where not even `most_rows` times as many do. */
static uint64_t rows_needed(const struct question *question, double confidence)
{
    double low = 1, high = 2;
    while (high < most_rows && ask(question, confidence, high) == OPEN) {
        low = high;
        high *= 2;
    }
    if (high >= most_rows) {
        high = most_rows;
        if (ask(question, confidence, high) == OPEN)
            return 0;
    }
    while (high / low > 1.002) {
        double middle = sqrt(low * high);
        if (ask(question, confidence, middle) == OPEN)
            low = middle;
        else
            high = middle;
    }
    return round_up((double)rows_of(question->evidence) * high);
}

/* The smallest alpha at which it still fails; it fails at `alpha`. Confidence is a double near 1, so that
 * nothing under 1e-15 can be told. */
static double fail_probability(const struct question *question, double alpha)
{
    double low = 1e-15, high = alpha;
    if (ask(question, 1 - low, 1) == BAD)
        return low;
    while (high / low > 1 + 1e-6) {
        double middle = sqrt(low * high);
        if (ask(question, 1 - middle, 1) == BAD)
            high = middle;
        else
            low = middle;
    }
    return high;
}

/* ---- the judgement ------------------------------------------------------------------------------ */

/* 9000 -> "9,000" */
static const char *with_commas(uint64_t count, char out[32])
{
    char digits[24];
    int size = snprintf(digits, sizeof digits, "%" PRIu64, count), used = 0;
    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = 0;
    return out;
}

static void conclude(struct mlg_judgement *judgement, enum mlg_verdict verdict, const char *reason)
{
    judgement->verdict = verdict;
    snprintf(judgement->reason, sizeof judgement->reason, "%s", reason);
}

static void not_measured(struct mlg_judgement *judgement, const char *reason)
{
    static const char words[] = "could not measure: ";
    char text[MLG_REASON_SIZE];
    snprintf(text, sizeof text, "%s%.*s", words, (int)(sizeof text - sizeof words), reason);
    conclude(judgement, MLG_VERDICT_ERROR, text);
}

static void too_few_rows(const struct mlg_evidence *evidence, const struct mlg_settings *settings,
                         struct mlg_judgement *judgement)
{
    char n[32], rows[32], least[32], of_all[64] = "";
    if (!evidence->of_queries && rows_of(evidence) > evidence->n)
        snprintf(of_all, sizeof of_all, " of %s", with_commas(rows_of(evidence), rows));
    snprintf(judgement->reason, sizeof judgement->reason, "only %s%s %s; min_rows asks for %s",
             with_commas(evidence->n, n), of_all,
             evidence->of_queries ? mlg_plural(evidence->n, "query", "queries")
             : of_all[0]          ? "rows count"
                                  : mlg_plural(evidence->n, "row", "rows"),
             with_commas((uint64_t)settings->min_rows, least));
    judgement->verdict = MLG_INCONCLUSIVE;
    judgement->rows_needed = (uint64_t)settings->min_rows;
    if (evidence->n > 0 && rows_of(evidence) > evidence->n)
        judgement->rows_needed =
            round_up((double)settings->min_rows / (double)evidence->n * (double)rows_of(evidence));
}

/* The value alone. */
static void by_value(const struct mlg_evidence *evidence, enum mlg_comparator comparator,
                     const struct mlg_decimal *limit, struct mlg_judgement *judgement)
{
    static const char *const beyond[] = {
        [MLG_NO_COMPARATOR] = "",
        [MLG_AT_LEAST] = "the value is below the limit",
        [MLG_AT_MOST] = "the value is above the limit",
        [MLG_ABOVE] = "the value is not above the limit",
        [MLG_BELOW] = "the value is not below the limit",
    };
    bool meets = mlg_meets(evidence, comparator, limit);
    conclude(judgement, meets ? MLG_PASS : MLG_FAIL, meets ? "" : beyond[comparator]);
    judgement->fail_probability = meets ? 1 : 0;
}

static void tell_open(const struct question *question, const struct mlg_settings *settings,
                      const struct mlg_decimal *limit, struct mlg_judgement *judgement)
{
    const struct mlg_evidence *evidence = question->evidence;
    const bool at_limit = compare_value(evidence, limit) == 0;
    judgement->verdict = MLG_INCONCLUSIVE;
    judgement->rows_needed = at_limit ? 0 : rows_needed(question, settings->confidence);
    if (at_limit) {
        conclude(judgement, MLG_INCONCLUSIVE,
                 "cannot tell; the value is exactly at the limit, which no number of rows would decide");
    } else if (judgement->rows_needed == 0 &&
               !mlg_interval(evidence, settings->confidence, question->method, most_rows).known) {
        snprintf(judgement->reason, sizeof judgement->reason, "cannot tell; %.*s",
                 (int)sizeof judgement->reason - (int)sizeof "cannot tell; ",
                 evidence->reason[0] ? evidence->reason
                                     : "more rows may decide, and how many cannot be told beforehand");
    } else if (judgement->rows_needed == 0) {
        conclude(judgement, MLG_INCONCLUSIVE,
                 "cannot tell; not even a million times as many rows would decide");
    } else {
        char rows[32];
        snprintf(judgement->reason, sizeof judgement->reason, "cannot tell; about %s rows would decide",
                 with_commas(judgement->rows_needed, rows));
    }
}

static void by_interval(const struct question *question, const struct mlg_settings *settings,
                        const struct mlg_decimal *limit, struct mlg_judgement *judgement)
{
    switch (decide(&judgement->bounds, question->comparator, question->limit)) {
    case GOOD:
        conclude(judgement, MLG_PASS, "");
        break;
    case BAD:
        conclude(judgement, MLG_FAIL,
                 mlg_wants_more(question->comparator) ? "the whole interval is below the limit"
                                                      : "the whole interval is above the limit");
        /* Found by bisection, each step at the price of the bounds: only where somebody asks. */
        judgement->fail_probability = 1 - settings->confidence;
        if (settings->in_family)
            judgement->fail_probability = fail_probability(question, 1 - settings->confidence);
        break;
    case OPEN:
        tell_open(question, settings, limit, judgement);
        break;
    }
}

/* No bounds: there is no method, or the one asked for is made for something else. */
static void without_interval(const struct mlg_evidence *evidence, int method, struct mlg_judgement *judgement)
{
    if (evidence->kind == MLG_VALUE_ONLY && evidence->reason[0])
        conclude(judgement, MLG_INCONCLUSIVE, evidence->reason);
    else if (evidence->kind == MLG_VALUE_ONLY || method == MLG_METHOD_COUNT || method < 0)
        conclude(judgement, MLG_INCONCLUSIVE,
                 "no interval is known for this quantity here; use decide: point");
    else
        snprintf(judgement->reason, sizeof judgement->reason,
                 "interval: %s is not made for this quantity here; use interval: auto",
                 mlg_methods[method].name);
    judgement->verdict = MLG_INCONCLUSIVE;
}

void mlg_judge(const struct mlg_evidence *evidence, enum mlg_comparator comparator,
               const struct mlg_decimal *limit, const struct mlg_settings *settings,
               struct mlg_judgement *judgement)
{
    const struct question question = {evidence, comparator, limit->value, mlg_settings_method(settings)};
    *judgement =
        (struct mlg_judgement){.verdict = MLG_VERDICT_ERROR, .decided_by = "interval", .fail_probability = 1};
    if (evidence->kind == MLG_EXACT_VALUE)
        judgement->decided_by = "exact";
    else if (settings->decide == MLG_DECIDE_POINT)
        judgement->decided_by = "point";

    if (evidence->kind == MLG_UNDEFINED) {
        not_measured(judgement, evidence->reason[0] ? evidence->reason : "the value is not defined");
        return;
    }
    if (!isfinite(evidence->value)) {
        not_measured(judgement,
                     isnan(evidence->value) ? "the value is not a number" : "the value is infinite");
        return;
    }
    judgement->bounds = mlg_interval(evidence, settings->confidence, question.method, 1);
    if (comparator == MLG_NO_COMPARATOR || isnan(limit->value)) {
        conclude(judgement, MLG_VERDICT_ERROR, "there is no limit to compare with");
        return;
    }
    /* A count has no sampling error, so that min_rows says nothing about it. */
    const bool exact = evidence->kind == MLG_EXACT_VALUE;
    if (!exact && settings->min_rows > 0 && evidence->n < (uint64_t)settings->min_rows)
        too_few_rows(evidence, settings, judgement);
    else if (exact || settings->decide == MLG_DECIDE_POINT)
        by_value(evidence, comparator, limit, judgement);
    else if (!judgement->bounds.known)
        without_interval(evidence, question.method, judgement);
    else
        by_interval(&question, settings, limit, judgement);
}
