/* Plans: what all gates need of one data source, collected and checked against its columns. */
#include "scan_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/number.h"
#include "mlgate/text.h"

/* ---- sentences ----------------------------------------------------------------------------------- */

static const char *list_texts(struct mlg_arena *arena, const char *const *texts, size_t count, size_t limit,
                              const char *quote)
{
    struct mlg_builder builder;
    mlg_builder_init(&builder, 0);
    const size_t shown = count <= limit ? count : limit;
    for (size_t i = 0; i < shown; i++) {
        if (i > 0)
            mlg_put(&builder, ", ");
        mlg_put(&builder, quote);
        mlg_put(&builder, texts[i]);
        mlg_put(&builder, quote);
    }
    if (shown < count) {
        mlg_put(&builder, " and ");
        mlg_put_count(&builder, count - shown);
        mlg_put(&builder, " more");
    }
    const char *text =
        builder.failed || builder.size == 0 ? NULL : mlg_arena_copy(arena, builder.data, builder.size);
    mlg_builder_free(&builder);
    return text ? text : "";
}

const char *mlg_sentence_list(struct mlg_arena *arena, const char *const *texts, size_t count)
{
    return list_texts(arena, texts, count, MLG_SENTENCE_VALUES, "'");
}

bool mlg_scan_number(const char *text, size_t size, double *value)
{
    return mlg_number_is_exact(text, size) && mlg_number_parse(text, size, value);
}

/* ---- columns ------------------------------------------------------------------------------------- */

/* The column with this name and spaces around it, which a header like "id, label" makes; or NULL. */
static const char *spaced_column(const struct mlg_plan *plan, const char *name)
{
    const size_t size = strlen(name);
    for (size_t i = 0; i < plan->column_count; i++) {
        const char *column = plan->columns[i], *start = column + strspn(column, " \t");
        if (strncmp(start, name, size) == 0 && start[size + strspn(start + size, " \t")] == '\0')
            return column;
    }
    return NULL;
}

/* A column that config names; `role` says for what, or is NULL. */
static int check_column(const struct mlg_plan *plan, const char *name, const char *role,
                        struct mlg_error *error)
{
    enum { COLUMNS_SHOWN = 20 };
    if (!name || !plan->columns ||
        mlg_text_is_among(name, plan->columns, plan->column_count)) /* a plan of keys knows no columns */
        return 0;
    const char *spaced = spaced_column(plan, name);
    const char *near = spaced ? spaced : mlg_nearest(name, plan->columns, plan->column_count);
    return mlg_error_set(error, MLG_CONFIG, "column '%s'%s%s%s is not in '%s'%s%s%s columns: %s", name,
                         role ? " (" : "", role ? role : "", role ? ")" : "", plan->data->path,
                         near ? "; did you mean '" : ";", near ? near : "",
                         spaced ? "' (with a space)?"
                         : near ? "'?"
                                : "",
                         list_texts(plan->arena, plan->columns, plan->column_count, COLUMNS_SHOWN, ""));
}

struct score_column {
    const char *class_name, *column;
    bool by_number;
};

static int compare_score_columns(const void *a, const void *b)
{
    const struct score_column *x = a, *y = b;
    const int order = x->by_number ? mlg_number_compare(x->class_name, strlen(x->class_name), y->class_name,
                                                        strlen(y->class_name))
                                   : 0;
    return order ? order : strcmp(x->class_name, y->class_name);
}

static bool same_score_class(const struct score_column *x, const struct score_column *y)
{
    return x->by_number ? mlg_number_compare(x->class_name, strlen(x->class_name), y->class_name,
                                             strlen(y->class_name)) == 0
                        : strcmp(x->class_name, y->class_name) == 0;
}

/* Puts the score columns in class order, so that class k's column is scores[k]. */
static int order_scores(struct mlg_plan *plan, struct mlg_error *error)
{
    const size_t count = plan->score_count;
    struct score_column *items = MLG_NEW_ARRAY(plan->arena, struct score_column, count);
    if (!items)
        return mlg_scan_no_memory(error, plan->data);
    bool by_number = true;
    for (size_t i = 0; i < count; i++) {
        const char *name = plan->score_classes[i];
        items[i] = (struct score_column){.class_name = name, .column = plan->score_columns[i]};
        by_number = mlg_number_is_exact(name, strlen(name)) && by_number;
    }
    for (size_t i = 0; i < count; i++)
        items[i].by_number = by_number;
    qsort(items, count, sizeof *items, compare_score_columns);
    for (size_t i = 0; i < count; i++) {
        plan->score_classes[i] = items[i].class_name;
        plan->score_columns[i] = items[i].column;
        if (i > 0 && same_score_class(&items[i], &items[i - 1]))
            return mlg_error_set(error, MLG_CONFIG,
                                 "columns '%s' and '%s' are both the score of class '%s' of '%s'; one column "
                                 "per class",
                                 items[i - 1].column, items[i].column, items[i].class_name, plan->data->name);
    }
    return 0;
}

/* The roles that are columns of their own, and their names. */
static const char *role_of_column(const struct mlg_data *data, const char *column)
{
    const struct {
        const char *column, *role;
    } roles[] = {{data->label, "label"},     {data->prediction, "prediction"},
                 {data->weight, "weight"},   {data->id, "id"},
                 {data->cluster, "cluster"}, {data->time, "time"},
                 {data->query, "query"},     {data->fold, "fold"}};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (roles[i].column && strcmp(roles[i].column, column) == 0)
            return roles[i].role;
    return NULL;
}

/* `p` fits p_a, p_b and pred. Tells what all the others begin with, where that is longer. */
static int refuse_wide_prefix(const struct mlg_plan *plan, size_t wrong, const char *role,
                              struct mlg_error *error)
{
    const char *prefix = plan->data->score_prefix, *first = NULL;
    size_t common = 0;
    for (size_t i = 0; i < plan->score_count; i++) {
        const char *column = plan->score_columns[i];
        size_t same = 0;
        if (role_of_column(plan->data, column))
            continue;
        if (!first) {
            first = column;
            common = strlen(column);
        }
        while (same < common && column[same] == first[same])
            same++;
        common = same;
    }
    const bool narrower = first && common > strlen(prefix) && first[common] != '\0' &&
                          strncmp(plan->score_columns[wrong], first, common) != 0;
    return mlg_error_set(error, MLG_CONFIG,
                         "score_prefix '%s' of '%s' fits the column '%s' too, which is the %s%s%.*s%s",
                         prefix, plan->data->name, plan->score_columns[wrong], role,
                         narrower ? "; did you mean '" : "; it needs a prefix that score columns alone have",
                         narrower ? (int)common : 0, narrower ? first : "", narrower ? "'?" : "");
}

static int resolve_scores(struct mlg_plan *plan, struct mlg_error *error)
{
    const struct mlg_data *data = plan->data;
    const struct mlg_map *map = &data->score.map;
    const char *prefix = data->score_prefix;
    if ((data->score.column || map->count > 0) && prefix)
        return mlg_error_set(error, MLG_CONFIG,
                             "data.%s has both 'score' and 'score_prefix'; give one of them", data->name);
    if (data->link == MLG_LINK_SOFTMAX && data->score.column)
        return mlg_error_set(
            error, MLG_CONFIG,
            "link 'softmax' of data.%s needs a score column per class; for one column, 'logit'", data->name);
    const size_t room = data->score.column ? 1 : prefix ? plan->column_count : map->count;
    if (room == 0)
        return prefix ? check_column(plan, prefix, "score_prefix", error) : 0;
    plan->score_columns = MLG_NEW_ARRAY(plan->arena, const char *, room);
    plan->score_classes = MLG_NEW_ARRAY(plan->arena, const char *, room);
    if (!plan->score_columns || !plan->score_classes)
        return mlg_scan_no_memory(error, data);
    if (data->score.column) {
        plan->score_columns[plan->score_count++] = data->score.column;
    } else if (prefix) {
        const size_t size = strlen(prefix);
        for (size_t i = 0; i < plan->column_count; i++) {
            if (strncmp(plan->columns[i], prefix, size) != 0 || plan->columns[i][size] == '\0')
                continue;
            plan->score_columns[plan->score_count] = plan->columns[i];
            plan->score_classes[plan->score_count++] = plan->columns[i] + size;
        }
        for (size_t i = 0; i < plan->score_count; i++) {
            const char *role = role_of_column(data, plan->score_columns[i]);
            if (role)
                return refuse_wide_prefix(plan, i, role, error);
        }
        if (plan->score_count < 2)
            return mlg_error_set(
                error, MLG_CONFIG,
                "score_prefix '%s' fits %s of '%s'; it needs a column per class, two at least", prefix,
                plan->score_count == 0 ? "no column" : "one column only", data->path);
    } else {
        for (size_t i = 0; i < map->count; i++) {
            plan->score_columns[i] = map->values[i];
            plan->score_classes[i] = map->keys[i];
        }
        plan->score_count = map->count;
        if (plan->score_count < 2)
            return mlg_error_set(error, MLG_CONFIG,
                                 "%s%s names one class only; give a column per class%s, or the column of the "
                                 "positive class alone",
                                 mlg_data_option(data, "score", NULL).text, mlg_data_where(data).text,
                                 data->from_flags ? ", as in --score A=COLUMN --score B=COLUMN" : "");
    }
    if (plan->score_count > MLG_SCAN_CLASSES)
        return mlg_error_set(error, MLG_LIMIT, "'%s' has %zu score columns; %d are the most", data->name,
                             plan->score_count, MLG_SCAN_CLASSES);
    for (size_t i = 0; i < plan->score_count; i++)
        if (check_column(plan, plan->score_columns[i], "score", error))
            return MLG_CONFIG;
    if (plan->score_count > 1)
        return order_scores(plan, error);
    plan->score_classes = NULL;
    return 0;
}

struct mlg_plan *mlg_plan_new(const struct mlg_data *data, const struct mlg_reader *reader,
                              struct mlg_arena *arena, struct mlg_error *error)
{
    struct mlg_plan *plan = MLG_NEW(arena, struct mlg_plan);
    if (!plan) {
        mlg_scan_no_memory(error, data);
        return NULL;
    }
    plan->data = data;
    plan->arena = arena;
    plan->column_count = mlg_reader_columns(reader, &plan->columns);
    plan->nested = mlg_reader_nested(reader);
    plan->slicings = mlg_arena_grow(arena, NULL, &plan->slicing_capacity, 1, sizeof *plan->slicings);
    if (!plan->slicings) {
        mlg_scan_no_memory(error, data);
        return NULL;
    }
    plan->slicing_count = 1;
    /* A role that is configured wrongly is a mistake even if nothing reads it. */
    if (check_column(plan, data->label, "label", error) ||
        check_column(plan, data->prediction, "prediction", error) ||
        check_column(plan, data->weight, "weight", error) || check_column(plan, data->id, "id", error) ||
        check_column(plan, data->cluster, "cluster", error) ||
        check_column(plan, data->time, "time", error) || check_column(plan, data->query, "query", error) ||
        check_column(plan, data->fold, "fold", error) || resolve_scores(plan, error))
        return NULL;
    return plan;
}

struct mlg_plan *mlg_plan_of_keys(const struct mlg_data *data, size_t classes, struct mlg_arena *arena)
{
    struct mlg_plan *plan = MLG_NEW(arena, struct mlg_plan);
    if (!plan)
        return NULL;
    plan->data = data;
    plan->arena = arena;
    plan->score_count = data->score_prefix ? classes : data->score.column ? 1 : data->score.map.count;
    return plan;
}

/* ---- wishes -------------------------------------------------------------------------------------- */

/* `also`: another role, or the positive class, that would do, or NULL. */
static int no_role(const struct mlg_plan *plan, const char *role, const char *also, struct mlg_error *error)
{
    const char *takes = also && strcmp(also, "positive") == 0 ? "CLASS" : "COLUMN";
    const struct mlg_data *data = plan->data;
    return mlg_error_set(error, MLG_CONFIG, "the data source '%s' has no '%s'; add %s%s%s%s", data->name,
                         role, mlg_data_option(data, role, "COLUMN").text, also ? " or " : "",
                         also ? mlg_data_option(data, also, takes).text : "", mlg_data_where(data).text);
}

int mlg_plan_reads(struct mlg_plan *plan, unsigned reads, struct mlg_error *error)
{
    const struct mlg_data *data = plan->data;
    const unsigned labels = MLG_READS_LABEL | MLG_READS_LABEL_NUMBER;
    if (plan->refuses_classes && (reads & (MLG_READS_LABEL | MLG_READS_PREDICTION | MLG_READS_POSITIVE)))
        return mlg_error_set(error, MLG_DATA, "%s", plan->refuses_classes);
    /* Which class is the positive one is told, or known from the labels, or without them from the
     * predictions. */
    const bool predicts =
        ((plan->reads | reads) & MLG_READS_PREDICTION) && (data->prediction || plan->score_count > 0);
    const bool seeks_positive = (reads & MLG_READS_POSITIVE) && !data->positive && !predicts;
    if (((reads & labels) || seeks_positive) && !data->label)
        return no_role(plan, "label", reads & labels ? NULL : "positive", error);
    if ((reads & MLG_READS_PREDICTION) && !data->prediction && plan->score_count == 0)
        return no_role(plan, "prediction", "score", error);
    if ((reads & MLG_READS_PREDICTION_NUMBER) && !data->prediction && plan->score_count != 1)
        return no_role(plan, "prediction", NULL, error);
    if ((reads & (MLG_READS_SCORE | MLG_READS_PROBABILITY)) && plan->score_count == 0)
        return no_role(plan, "score", NULL, error);
    if ((reads & MLG_READS_QUERY) && !data->query)
        return no_role(plan, "query", NULL, error);
    if ((reads & MLG_READS_POSITIVE) && data->label)
        reads |= MLG_READS_LABEL;
    /* Which class a threshold's two sides are is known from the labels. */
    if ((reads & MLG_READS_PREDICTION) && !data->prediction && data->label)
        reads |= MLG_READS_LABEL;
    plan->reads |= reads;
    return 0;
}

void mlg_plan_refuse_classes(struct mlg_plan *plan, const char *why)
{
    plan->refuses_classes = why;
}

bool mlg_plan_reads_numbers(const struct mlg_plan *plan)
{
    return plan->reads & (MLG_READS_LABEL_NUMBER | MLG_READS_PREDICTION_NUMBER);
}

static bool equal_slicings(const struct mlg_slicing *a, const struct mlg_slicing *b)
{
    if (a->column_count != b->column_count || a->is_comparison != b->is_comparison ||
        a->declared_count != b->declared_count)
        return false;
    for (size_t i = 0; i < a->column_count; i++)
        if (!mlg_text_equal(a->columns[i], b->columns[i]) || a->bins[i] != b->bins[i])
            return false;
    for (size_t i = 0; i < a->declared_count; i++)
        if (!mlg_text_equal(a->declared[i], b->declared[i]))
            return false;
    return !a->is_comparison || (a->comparator == b->comparator && a->bound.value == b->bound.value);
}

int mlg_plan_slicing(struct mlg_plan *plan, const struct mlg_slicing *slicing, struct mlg_error *error)
{
    if (!slicing || slicing->column_count == 0)
        return 0;
    for (size_t i = 1; i < plan->slicing_count; i++)
        if (equal_slicings(plan->slicings[i], slicing))
            return (int)i;
    for (size_t i = 0; i < slicing->column_count; i++)
        if (check_column(plan, slicing->columns[i], slicing->of ? slicing->of : "slice", error))
            return -1;
    const struct mlg_slicing **grown = mlg_arena_grow(plan->arena, plan->slicings, &plan->slicing_capacity,
                                                      plan->slicing_count + 1, sizeof *plan->slicings);
    if (!grown) {
        mlg_scan_no_memory(error, plan->data);
        return -1;
    }
    plan->slicings = grown;
    plan->slicings[plan->slicing_count] = slicing;
    return (int)plan->slicing_count++;
}

int mlg_plan_tally(struct mlg_plan *plan, struct mlg_error *error)
{
    (void)error;
    plan->tally = true;
    return 0;
}

static bool equal_parameters(const double a[4], const double b[4])
{
    return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

int mlg_plan_moments(struct mlg_plan *plan, const struct mlg_terms *terms, const double parameters[4],
                     struct mlg_error *error)
{
    static const double none[4] = {0};
    if (!parameters)
        parameters = none;
    for (size_t i = 0; i < plan->moments_count; i++)
        if (strcmp(plan->moments[i].terms->name, terms->name) == 0 &&
            equal_parameters(plan->moments[i].parameters, parameters))
            return (int)i;
    struct mlg_moments_plan *grown = mlg_arena_grow(plan->arena, plan->moments, &plan->moments_capacity,
                                                    plan->moments_count + 1, sizeof *plan->moments);
    if (!grown) {
        mlg_scan_no_memory(error, plan->data);
        return -1;
    }
    plan->moments = grown;
    plan->moments[plan->moments_count].terms = terms;
    memcpy(plan->moments[plan->moments_count].parameters, parameters, sizeof none);
    return (int)plan->moments_count++;
}

int mlg_plan_keep(struct mlg_plan *plan, unsigned keep, struct mlg_error *error)
{
    static const struct {
        unsigned keep, reads;
    } needs[] = {
        {MLG_KEEP_LABEL, MLG_READS_LABEL},
        {MLG_KEEP_PREDICTION, MLG_READS_PREDICTION},
        {MLG_KEEP_LABEL_NUMBER, MLG_READS_LABEL_NUMBER},
        {MLG_KEEP_PREDICTION_NUMBER, MLG_READS_PREDICTION_NUMBER},
        {MLG_KEEP_SCORES, MLG_READS_SCORE},
        {MLG_KEEP_QUERY, MLG_READS_QUERY},
    };
    unsigned reads = 0;
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        if (keep & needs[i].keep)
            reads |= needs[i].reads;
    if ((keep & MLG_KEEP_ID) && !plan->data->id)
        return no_role(plan, "id", NULL, error);
    const int code = mlg_plan_reads(plan, reads, error);
    if (!code)
        plan->keep |= keep;
    return code;
}

int mlg_plan_observe(struct mlg_plan *plan, const struct mlg_observer *observer, struct mlg_error *error)
{
    for (size_t i = 0; i < observer->column_count && plan->column_count > 0; i++)
        if (check_column(plan, observer->columns[i], observer->role, error))
            return MLG_CONFIG;
    const struct mlg_observer **grown = mlg_arena_grow(plan->arena, plan->observers, &plan->observer_capacity,
                                                       plan->observer_count + 1, sizeof *plan->observers);
    if (!grown)
        return mlg_scan_no_memory(error, plan->data);
    plan->observers = grown;
    plan->observers[plan->observer_count++] = observer;
    return 0;
}

size_t mlg_plan_columns(const struct mlg_plan *plan, const char *const **names)
{
    *names = plan->columns;
    return plan->column_count;
}

void mlg_plan_limit_slices(struct mlg_plan *plan, size_t limit)
{
    if (limit == 0)
        limit = MLG_PLAN_SLICES;
    if (limit > plan->slice_limit)
        plan->slice_limit = limit;
}

bool mlg_plan_clustered(const struct mlg_plan *plan)
{
    return plan->data->cluster != NULL;
}

bool mlg_plan_weighted(const struct mlg_plan *plan)
{
    return plan->data->weight != NULL;
}

size_t mlg_plan_score_count(const struct mlg_plan *plan)
{
    return plan->score_count;
}

enum mlg_prediction_source mlg_plan_prediction_source(const struct mlg_plan *plan)
{
    if (!(plan->reads & MLG_READS_PREDICTION))
        return MLG_PREDICTION_NONE;
    if (plan->data->prediction)
        return MLG_PREDICTION_COLUMN;
    return plan->score_count == 1 ? MLG_PREDICTION_THRESHOLD : MLG_PREDICTION_HIGHEST;
}
