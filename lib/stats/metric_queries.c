/* queries: metrics of ranked lists, one list per query, and their mean over the queries. They read kept rows,
 * because a list is known only when all of its rows stand side by side.
 *
 * The rows of a slice that share a query are its list: the highest score comes first. Among equal scores ndcg
 * takes the mean over all orders, as scikit-learn does; map, mrr and hit_rate put what is relevant last, so
 * that a constant score earns nothing by the order in which rows happen to stand.
 *
 * What is sampled is queries, not rows: n and the degrees of freedom count queries. */
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "family.h"

typedef struct mlg_double2 real;

struct document {
    uint32_t query;
    uint32_t row; /* place among the rows of the slice */
    double score, label, weight;
};

struct query {
    size_t first, count; /* of the documents */
    double weight, value;
    bool counts; /* in the mean */
};

struct lists {
    struct document *documents;
    size_t document_count;
    struct query *queries;
    size_t query_count;
    uint64_t without_relevant, of_one_document; /* of weight above 0 */
};

/* What a metric makes of one list, at least one document long, best score first, least relevant first among
 * equal scores. `best` is memory for as many labels. Returns false where the query has no value. */
typedef bool list_value(const struct document *list, size_t count, size_t k, double *best, double *value);

struct list_kernel {
    list_value *value;
    bool graded;     /* labels are gains: none below 0 */
    bool proportion; /* every list's value is 0 or 1 */
};

/* ---- one list ----------------------------------------------------------------------------------- */

static real add(real sum, double value)
{
    return mlg_double2_add(sum, mlg_double2_of(value));
}

static double discount(size_t rank)
{
    return 1 / log2((double)rank + 1);
}

static int compare_descending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

/* Sums carry twice the digits, so that a perfect order scores 1 and not nearly 1. */
static bool ndcg_value(const struct document *list, size_t count, size_t k, double *best, double *value)
{
    real gained = {0, 0}, ideal = {0, 0};
    int exponent;
    for (size_t i = 0; i < count; i++)
        best[i] = list[i].label;
    qsort(best, count, sizeof *best, compare_descending);
    *value = 0;
    if (!(best[0] > 0))
        return true;
    frexp(best[0], &exponent); /* the largest gain becomes 1/2 to 1: no sum overflows */
    for (size_t i = 0; i < k; i++)
        ideal = mlg_double2_add(ideal, mlg_double2_multiply(mlg_double2_of(ldexp(best[i], -exponent)),
                                                            mlg_double2_of(discount(i + 1))));
    for (size_t i = 0; i < k;) { /* a block of equal scores that begins within the first k */
        const size_t first = i;
        real gains = {0, 0}, discounts = {0, 0};
        for (; i < count && list[i].score == list[first].score; i++) {
            gains = add(gains, ldexp(list[i].label, -exponent));
            if (i < k)
                discounts = add(discounts, discount(i + 1));
        }
        gains = mlg_double2_divide(gains, mlg_double2_of((double)(i - first)));
        gained = mlg_double2_add(gained, mlg_double2_multiply(gains, discounts));
    }
    *value = fmin(1, mlg_double2_divide(gained, ideal).high);
    return true;
}

static size_t count_relevant(const struct document *list, size_t count)
{
    size_t relevant = 0;
    for (size_t i = 0; i < count; i++)
        relevant += list[i].label > 0;
    return relevant;
}

static bool map_value(const struct document *list, size_t count, size_t k, double *best, double *value)
{
    const size_t relevant = count_relevant(list, count);
    real sum = {0, 0};
    size_t found = 0;
    (void)best;
    if (relevant == 0)
        return false;
    for (size_t i = 0; i < k; i++)
        if (list[i].label > 0)
            sum = mlg_double2_add(
                sum, mlg_double2_divide(mlg_double2_of((double)++found), mlg_double2_of((double)(i + 1))));
    *value = mlg_double2_divide(sum, mlg_double2_of((double)(relevant < k ? relevant : k))).high;
    return true;
}

/* The rank of the first relevant document; 0: there is none. */
static size_t first_relevant(const struct document *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].label > 0)
            return i + 1;
    return 0;
}

static bool mrr_value(const struct document *list, size_t count, size_t k, double *best, double *value)
{
    const size_t rank = first_relevant(list, count);
    (void)best, (void)k;
    *value = rank ? 1 / (double)rank : 0;
    return rank > 0;
}

static bool hit_value(const struct document *list, size_t count, size_t k, double *best, double *value)
{
    const size_t rank = first_relevant(list, count);
    (void)best;
    *value = rank <= k ? 1 : 0;
    return rank > 0;
}

/* ---- all lists ---------------------------------------------------------------------------------- */

static int compare_documents(const void *a, const void *b)
{
    const struct document *x = a, *y = b;
    if (x->query != y->query)
        return x->query < y->query ? -1 : 1;
    if (x->score != y->score)
        return x->score > y->score ? -1 : 1;
    if (x->label != y->label)
        return x->label < y->label ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static bool gather(const struct mlg_view *view, struct lists *lists)
{
    const struct mlg_rows *kept = &view->scan->kept;
    size_t count, queries = 0;
    const uint32_t *index = mlg_scan_rows(view->scan, view->slicing, view->slice, &count);
    *lists = (struct lists){.document_count = count};
    lists->documents = MLG_NEW_ARRAY(view->scratch, struct document, count + 1);
    if (!lists->documents)
        return false;
    for (size_t i = 0; i < count; i++) {
        const size_t row = index ? index[i] : i;
        lists->documents[i] = (struct document){.query = kept->query[row],
                                                .row = (uint32_t)i,
                                                .score = kept->ranks[0][row],
                                                .label = kept->label_number[row],
                                                .weight = mlg_family_weight(kept, row)};
    }
    qsort(lists->documents, count, sizeof *lists->documents, compare_documents);
    for (size_t i = 0; i < count; i++)
        queries += i == 0 || lists->documents[i].query != lists->documents[i - 1].query;
    lists->queries = MLG_NEW_ARRAY(view->scratch, struct query, queries + 1);
    if (!lists->queries)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || lists->documents[i].query != lists->documents[i - 1].query)
            lists->queries[lists->query_count++] =
                (struct query){.first = i, .weight = lists->documents[i].weight};
        lists->queries[lists->query_count - 1].count++;
    }
    return true;
}

/* What no order of the rows changes: the lowest label; of the queries whose weights differ, the least and the
 * greatest weight of the one with the least. */
static int refuse(const struct mlg_call *call, const struct lists *lists, struct mlg_error *error)
{
    const struct list_kernel *kernel = call->metric->kernel;
    double lowest = 0, least = (double)INFINITY, greatest = 0;
    uint64_t differing = 0;
    for (size_t q = 0; q < lists->query_count; q++) {
        const struct query *query = &lists->queries[q];
        double low = query->weight, high = query->weight;
        for (size_t i = query->first; i < query->first + query->count; i++) {
            lowest = fmin(lowest, lists->documents[i].label);
            low = fmin(low, lists->documents[i].weight);
            high = fmax(high, lists->documents[i].weight);
        }
        if (low == high)
            continue;
        differing++;
        if (low < least || (low == least && high > greatest)) {
            least = low;
            greatest = high;
        }
    }
    if (kernel->graded && lowest < 0)
        return mlg_error_set(error, MLG_DATA,
                             "the label %g is negative; %s takes labels of 0 and above, the gain of each row",
                             lowest, call->metric->name);
    if (differing)
        return mlg_error_set(error, MLG_DATA,
                             "the weights %g and %g stand in one query, and %llu of %zu queries are like it; "
                             "%s takes one weight per query, the same in all of its rows",
                             least, greatest, (unsigned long long)differing, lists->query_count,
                             call->metric->name);
    return MLG_OK;
}

static bool value_lists(const struct mlg_call *call, struct lists *lists, struct mlg_arena *arena)
{
    const struct list_kernel *kernel = call->metric->kernel;
    const uint64_t limit = call->arguments.k > 0 ? (uint64_t)call->arguments.k : UINT64_MAX;
    size_t longest = 0;
    for (size_t q = 0; q < lists->query_count; q++)
        longest = lists->queries[q].count > longest ? lists->queries[q].count : longest;
    double *best = MLG_NEW_ARRAY(arena, double, longest + 1);
    if (!best)
        return false;
    for (size_t q = 0; q < lists->query_count; q++) {
        struct query *query = &lists->queries[q];
        const struct document *list = lists->documents + query->first;
        if (!(query->weight > 0))
            continue;
        const size_t k = query->count < limit ? query->count : (size_t)limit;
        query->counts = kernel->value(list, query->count, k, best, &query->value);
        lists->without_relevant += count_relevant(list, query->count) == 0;
        lists->of_one_document += query->count == 1;
    }
    return true;
}

/* ---- the mean over queries ---------------------------------------------------------------------- */

struct mean {
    uint64_t queries, hits;
    double weight, weight2, value;
    struct mlg_family_uneven uneven; /* of the weights of queries */
    double cubes;                    /* as uneven.observed, of third powers */
};

static void find_mean(const struct lists *lists, struct mean *mean)
{
    struct mlg_sum weight = {0}, weight2 = {0}, weight4 = {0}, values = {0}, squares = {0}, cubes = {0},
                   even = {0};
    *mean = (struct mean){0};
    for (size_t q = 0; q < lists->query_count; q++) {
        const struct query *query = &lists->queries[q];
        if (!query->counts)
            continue;
        mean->queries++;
        mean->hits += query->value > 0;
        mlg_sum_add(&weight, query->weight);
        mlg_sum_add_product(&weight2, query->weight, query->weight);
        mlg_sum_add_product(&weight4, query->weight * query->weight, query->weight * query->weight);
        mlg_sum_add_product(&values, query->weight, query->value);
    }
    if (mean->queries == 0)
        return;
    mean->weight = mlg_sum_round(&weight);
    mean->weight2 = mlg_sum_round(&weight2);
    mean->value = fmin(1, mlg_double2_divide(mlg_sum_double2(&values), mlg_sum_double2(&weight)).high);
    for (size_t q = 0; q < lists->query_count; q++) {
        const struct query *query = &lists->queries[q];
        const double apart = query->value - mean->value, share = query->weight / mean->weight * apart;
        if (!query->counts)
            continue;
        mlg_sum_add_product(&squares, share, share);
        mlg_sum_add_product(&cubes, share, share * share);
        mlg_sum_add_product(&even, apart, apart);
    }
    mean->cubes = mlg_sum_round(&cubes);
    const double shares2 = mean->weight2 / mean->weight / mean->weight;
    const double of_weights = mlg_sum_round(&weight4) / mean->weight2 / mean->weight2;
    mean->uneven = (struct mlg_family_uneven){.shares2 = shares2,
                                              .shares4 = of_weights * shares2 * shares2,
                                              .observed = mlg_sum_round(&squares),
                                              .even = shares2 * mlg_sum_round(&even) / (double)mean->queries};
}

/* A query's share goes to its rows. In clusters evenly, so that a query across clusters counts in each of
 * them. Else to its first row alone: paired differences take rows as independent, and the rows of a query are
 * not, so that even parts would make the interval too short by the root of the rows per query. */
static void tell_influence(const struct mlg_view *view, const struct lists *lists, const struct mean *mean,
                           double *influence)
{
    for (size_t i = 0; i < lists->document_count; i++)
        influence[i] = 0;
    for (size_t q = 0; q < lists->query_count; q++) {
        const struct query *query = &lists->queries[q];
        const struct document *list = lists->documents + query->first;
        const double share = query->weight / mean->weight * (query->value - mean->value);
        uint32_t first = list[0].row;
        if (!query->counts)
            continue;
        for (size_t i = 0; i < query->count; i++) {
            first = list[i].row < first ? list[i].row : first;
            if (view->scan->clustered)
                influence[list[i].row] = share / (double)query->count;
        }
        if (!view->scan->clustered)
            influence[first] = share;
    }
}

static int give_variance(const struct list_kernel *kernel, const struct mlg_view *view,
                         const struct mean *mean, struct mlg_evidence *evidence, struct mlg_error *error)
{
    const double kish = mlg_family_effective(&mean->uneven), squares = mean->uneven.observed;
    double variance;
    if (mean->queries < 2) {
        mlg_family_note(evidence, "one query alone has no interval");
        return MLG_OK;
    }
    if (squares <= 1e-31) { /* every list has the same value, but for rounding of the mean */
        return mlg_family_share(evidence, MLG_METHOD_WILSON, kish, view->scratch, error);
    }
    if (kernel->proportion) { /* of 0 and 1, with weights */
        const double queries = (double)mean->queries;
        evidence->standard_error = sqrt(squares * (queries / (queries - 1)));
        return mlg_family_share(evidence, MLG_METHOD_LINEARISED,
                                mlg_family_size(evidence->value, squares, kish), view->scratch, error);
    }
    if (!mlg_family_variance(&mean->uneven, &variance)) {
        mlg_family_note(evidence, "one query has most of the weight: nothing is known of the spread");
        return mlg_family_share(evidence, MLG_METHOD_LINEARISED, kish, view->scratch, error);
    }
    evidence->standard_error = sqrt(variance);
    evidence->kind = MLG_NORMAL;
    evidence->method = view->scan->weighted ? MLG_METHOD_LINEARISED : MLG_METHOD_T_HALL;
    evidence->degrees = mlg_family_degrees(&mean->uneven);
    evidence->skewness = mlg_sample_skewness(squares, mean->cubes, (double)mean->queries);
    return MLG_OK;
}

/* ---- evaluate ----------------------------------------------------------------------------------- */

static void tell_oddities(const struct list_kernel *kernel, const struct lists *lists,
                          struct mlg_evidence *evidence)
{
    const uint64_t without = lists->without_relevant, single = lists->of_one_document;
    if (without)
        mlg_family_note(evidence, "%llu %s without a relevant row %s", (unsigned long long)without,
                        mlg_plural(without, "query", "queries"),
                        !kernel->graded ? mlg_plural(without, "is left out", "are left out")
                                        : mlg_plural(without, "scores 0", "score 0"));
    if (single)
        mlg_family_note(evidence, "%llu %s of one row only, which any score ranks alike",
                        (unsigned long long)single, mlg_plural(single, "query consists", "queries consist"));
}

static int undefined_mean(const struct lists *lists, struct mlg_evidence *evidence)
{
    if (lists->document_count == 0)
        return mlg_evidence_undefined(evidence, "no rows");
    if (lists->without_relevant == 0)
        return mlg_family_weightless(evidence, lists->document_count);
    return mlg_evidence_undefined(evidence, "no relevant row (label above 0) in %llu %s",
                                  (unsigned long long)lists->without_relevant,
                                  mlg_plural(lists->without_relevant, "query", "queries"));
}

static int queries_plan(struct mlg_call *call, struct mlg_plan *plan, struct mlg_error *error)
{
    const size_t scores = mlg_plan_score_count(plan);
    if (scores > 1)
        return mlg_error_set(error, MLG_CONFIG,
                             "'%s' ranks rows by one score, but there are %zu score columns; name "
                             "one as 'score'",
                             call->metric->name, scores);
    return mlg_plan_keep(plan, MLG_KEEP_SCORES | MLG_KEEP_LABEL_NUMBER | MLG_KEEP_QUERY, error);
}

static int queries_evaluate(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                            double *influence, struct mlg_error *error)
{
    const struct list_kernel *kernel = call->metric->kernel;
    struct lists lists;
    struct mean mean;
    mlg_family_begin(call, evidence);
    if (!gather(view, &lists))
        return mlg_error_set(error, MLG_LIMIT, "no memory to sort the rows of the queries");
    int code = refuse(call, &lists, error);
    if (code != MLG_OK)
        return code;
    if (!value_lists(call, &lists, view->scratch))
        return mlg_error_set(error, MLG_LIMIT, "no memory to rank the rows of a query");
    find_mean(&lists, &mean);
    evidence->n = mean.queries;
    if (mean.queries == 0)
        return undefined_mean(&lists, evidence);
    if (!isfinite(mean.weight) || !isfinite(mean.weight2))
        return mlg_evidence_undefined(evidence, "the weights are too large to be added up");
    evidence->value = mean.value;
    tell_oddities(kernel, &lists, evidence);
    if (influence)
        tell_influence(view, &lists, &mean, influence);
    if (kernel->proportion && !view->scan->weighted) {
        evidence->kind = MLG_PROPORTION;
        evidence->method = MLG_METHOD_WILSON;
        evidence->numerator = mean.hits;
        evidence->denominator = mean.queries;
        return MLG_OK;
    }
    return give_variance(kernel, view, &mean, evidence, error);
}

/* ---- rows --------------------------------------------------------------------------------------- */

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define KERNEL(...)                                                                                          \
    .kernel = &(const struct list_kernel)                                                                    \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }
#define QUERIES                                                                                              \
    .reads = MLG_READS_SCORE | MLG_READS_LABEL_NUMBER | MLG_READS_QUERY, .direction = MLG_HIGHER_IS_BETTER,  \
    .minimum = 0, .maximum = 1, .plan = queries_plan, .evaluate = queries_evaluate

const struct mlg_metric mlg_metric_ndcg = {
    .name = "ndcg",
    .aliases = NAMES("ndcg_score"),
    .about =
        "how near each query's ranking comes to the best one, where the label says how relevant a row is "
        "and early ranks count most",
    .definition =
        "mean over queries of DCG / best possible DCG, DCG = sum over the first k ranks of label / "
        "log2(rank + 1), highest score first. Rows of equal score share the mean of their labels; a query "
        "whose labels are all 0 scores 0. Weights count queries",
    .undefined_when = "there are no rows, or none with a weight above 0; a negative label, or two weights in "
                      "one query, is an error",
    .source = "scikit-learn ndcg_score; ties: McSherry and Najork 2008",
    .arguments = NAMES("k"),
    QUERIES,
    .method = MLG_METHOD_T_HALL,
    KERNEL(.value = ndcg_value, .graded = true),
};

const struct mlg_metric mlg_metric_map = {
    .name = "map",
    .aliases = NAMES("mean_average_precision"),
    .about =
        "how early each query's relevant rows are ranked: the precision at each of them, averaged; a row "
        "is relevant where its label is above 0",
    .definition =
        "mean over queries of sum over relevant rows within the first k ranks of (relevant rows up to that "
        "rank / rank) / the smaller of k and the number of relevant rows. Among equal scores relevant rows "
        "come last; queries without a relevant row are left out and counted. Weights count queries",
    .undefined_when =
        "no query has a relevant row and a weight above 0; two weights in one query are an error",
    .source = "Manning, Raghavan and Schuetze 2008, section 8.4",
    .arguments = NAMES("k"),
    QUERIES,
    .method = MLG_METHOD_T_HALL,
    KERNEL(.value = map_value),
};

const struct mlg_metric mlg_metric_mrr = {
    .name = "mrr",
    .aliases = NAMES("mean_reciprocal_rank"),
    .about = "how early the first relevant row of each query is ranked: 1 where it is first, 1/2 where it is "
             "second; a row is relevant where its label is above 0",
    .definition = "mean over queries of 1 / rank of the first relevant row. Among equal scores relevant rows "
                  "come last; queries without a relevant row are left out and counted. Weights count queries",
    .undefined_when =
        "no query has a relevant row and a weight above 0; two weights in one query are an error",
    .source = "Voorhees 1999, The TREC-8 Question Answering Track Report",
    QUERIES,
    .method = MLG_METHOD_T_HALL,
    KERNEL(.value = mrr_value),
};

const struct mlg_metric mlg_metric_hit_rate = {
    .name = "hit_rate",
    .aliases = NAMES("hit_ratio"),
    .about = "share of queries with a relevant row among the first k; a row is relevant where its label is "
             "above 0",
    .definition =
        "queries whose first relevant row has rank k or better / queries with a relevant row. Among "
        "equal scores relevant rows come last; queries without a relevant row are left out and "
        "counted. Weights count queries",
    .undefined_when =
        "no query has a relevant row and a weight above 0; two weights in one query are an error",
    .source = "a proportion of queries",
    .arguments = NAMES("k"),
    .required_argument = "k",
    QUERIES,
    .method = MLG_METHOD_WILSON,
    KERNEL(.value = hit_value, .proportion = true),
};
