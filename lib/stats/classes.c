/* Classes: what labels and predictions turn out to be once all their values are known.
 *
 * During the pass a worker must believe something about each value: whether it is the positive class,
 * which score column is its own. It compares as numbers where both sides are numbers. Whether that was
 * right is known at the end only, when it is known whether all values are numbers; where it was not,
 * the values mix numbers and text in a way that has no good reading, and that is an error.
 */
#include "scan_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/number.h"
#include "mlgate/text.h"

static bool equal_values(const char *a, size_t a_size, const char *b)
{
    const size_t b_size = strlen(b);
    if (a_size == b_size && memcmp(a, b, a_size) == 0)
        return true;
    return mlg_number_is_exact(a, a_size) && mlg_number_is_exact(b, b_size) &&
           mlg_number_compare(a, a_size, b, b_size) == 0;
}

static const char *const true_words[] = {"true", "True", "TRUE", NULL};
static const char *const false_words[] = {"false", "False", "FALSE", NULL};

struct mlg_code_fact mlg_code_fact_of(const struct mlg_plan *plan, const char *text, size_t size)
{
    const struct mlg_data *data = plan->data;
    struct mlg_code_fact fact = {.score = MLG_NONE, .listed = data->labels.count == 0};
    for (size_t i = 0; plan->score_classes && i < plan->score_count && fact.score == MLG_NONE; i++)
        if (equal_values(text, size, plan->score_classes[i]))
            fact.score = (uint32_t)i;
    for (size_t i = 0; !fact.listed && i < data->labels.count; i++)
        fact.listed = equal_values(text, size, data->labels.items[i]);
    if (data->positive)
        fact.positive = equal_values(text, size, data->positive);
    else
        fact.positive = equal_values(text, size, "1") || mlg_text_is_listed(text, true_words);
    double number;
    fact.infinite = mlg_number_parse(text, size, &number) && !isfinite(number);
    return fact;
}

/* One value that somebody has seen or named. */
struct value {
    const char *text;
    size_t size;
    uint64_t label_rows, prediction_rows;
    bool named;                               /* by config, or made up for the other side of a threshold */
    bool listed;                              /* in data->labels */
    uint32_t *label_class, *prediction_class; /* where to write the class, or NULL */
    const struct mlg_code_fact *fact;         /* of one seen */
    bool by_number;
};

struct values {
    const struct mlg_plan *plan;
    struct value *items;
    size_t count, capacity;
    bool numeric;
    bool no_memory;
};

static struct value *add_value(struct values *values, const char *text, size_t size)
{
    if (values->count == values->capacity) {
        const size_t capacity = values->capacity ? 2 * values->capacity : 64;
        struct value *grown = realloc(values->items, capacity * sizeof *grown);
        if (!grown) {
            values->no_memory = true;
            return NULL;
        }
        values->items = grown;
        values->capacity = capacity;
    }
    struct value *value = values->items + values->count++;
    *value = (struct value){.text = text, .size = size};
    return value;
}

static void add_named(struct values *values, const char *text, bool listed)
{
    struct value *value = add_value(values, text, strlen(text));
    if (value) {
        value->named = true;
        value->listed = listed;
    }
}

static int compare_bytes(const struct value *x, const struct value *y)
{
    const int order = memcmp(x->text, y->text, x->size < y->size ? x->size : y->size);
    if (order)
        return order;
    return x->size < y->size ? -1 : x->size > y->size;
}

/* Class order; within a class of numbers the spelling that names it first: shortest, then least. */
static int compare_values(const void *a, const void *b)
{
    const struct value *x = a, *y = b;
    if (x->by_number) {
        const int order = mlg_number_compare(x->text, x->size, y->text, y->size);
        if (order)
            return order;
        if (x->size != y->size)
            return x->size < y->size ? -1 : 1;
    }
    return compare_bytes(x, y);
}

static bool same_class(const struct value *x, const struct value *y)
{
    return x->by_number ? mlg_number_compare(x->text, x->size, y->text, y->size) == 0
                        : compare_bytes(x, y) == 0;
}

/* What the classes are known from. */
static const char *known_from(const struct values *values)
{
    return values->plan->data->label ? "labels" : "predictions";
}

/* "'a', 'b' and 3 more" of the labels seen, without labels of the predictions, by bytes, so that it does not
 * depend on workers. */
static const char *labels_seen(const struct values *values)
{
    struct value *sorted = calloc(values->count + 1, sizeof *sorted);
    const char **texts = calloc(values->count + 1, sizeof *texts);
    size_t count = 0, distinct = 0;
    for (size_t i = 0; sorted && texts && i < values->count; i++)
        if (values->plan->data->label ? values->items[i].label_rows > 0
                                      : values->items[i].prediction_rows > 0)
            sorted[count++] = values->items[i];
    if (sorted && texts)
        qsort(sorted, count, sizeof *sorted, compare_values);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || !same_class(sorted + i, sorted + i - 1))
            texts[distinct++] = sorted[i].text;
    const char *list = distinct ? mlg_sentence_list(values->plan->arena, texts, distinct) : "none";
    free(sorted);
    free(texts);
    return list;
}

static void decide_numeric(struct values *values)
{
    values->numeric = values->count > 0;
    for (size_t i = 0; i < values->count; i++)
        values->numeric =
            values->numeric && mlg_number_is_exact(values->items[i].text, values->items[i].size);
    for (size_t i = 0; i < values->count; i++)
        values->items[i].by_number = values->numeric;
}

/* Are the value, which is a number, and the number `text` the same? */
static bool is_number(const struct value *value, const char *text)
{
    return mlg_number_compare(value->text, value->size, text, strlen(text)) == 0;
}

/* Does the rule without a given positive class hold: {0,1}, {-1,1} or {false,true}, at most one spelling
 * of each text? Tells which other class was seen (NULL: none), and whether the positive one was. */
static bool default_holds(const struct values *values, const char **other, const char **positive)
{
    *other = *positive = NULL;
    for (size_t i = 0; i < values->count; i++) {
        const struct value *v = values->items + i;
        const char **side;
        if (values->numeric)
            side = is_number(v, "1") ? positive : is_number(v, "0") || is_number(v, "-1") ? other : NULL;
        else
            side = mlg_text_is_listed(v->text, true_words)    ? positive
                   : mlg_text_is_listed(v->text, false_words) ? other
                                                              : NULL;
        if (!side)
            return false;
        if (*side) {
            if (values->numeric ? !is_number(v, *side) : strcmp(*side, v->text) != 0)
                return false;
        }
        if (!*side || v->size < strlen(*side))
            *side = v->text;
    }
    return *other || *positive;
}

/* The word for the other side in the same style: True and False, 1 and 0. */
static const char *opposite(const char *text)
{
    for (size_t i = 0; true_words[i]; i++) {
        if (strcmp(text, true_words[i]) == 0)
            return false_words[i];
        if (strcmp(text, false_words[i]) == 0)
            return true_words[i];
    }
    return mlg_number_compare(text, strlen(text), "1", 1) == 0 ? "0" : "1";
}

/* Where the rule holds and one of the two classes was not seen, it still exists: no positive row is a
 * reason to be undefined, not to have no positive class. */
static void complete_default(struct values *values, bool both_sides)
{
    const char *other, *positive;
    if (!default_holds(values, &other, &positive))
        return;
    if (!positive)
        add_named(values, opposite(other), false);
    else if (!other && both_sides)
        add_named(values, opposite(positive), false);
}

/* ---- collecting ---------------------------------------------------------------------------------- */

static void collect(struct values *values, const struct mlg_codes *workers, size_t worker_count)
{
    const struct mlg_plan *plan = values->plan;
    const bool labels = plan->reads & MLG_READS_LABEL;
    const enum mlg_prediction_source source = mlg_plan_prediction_source(plan);
    for (size_t w = 0; w < worker_count; w++) {
        const struct mlg_codes *codes = workers + w;
        for (uint32_t code = 0; code < codes->count; code++) {
            const uint64_t label_rows = labels ? codes->label_rows[code] : 0;
            const uint64_t prediction_rows =
                source == MLG_PREDICTION_COLUMN ? codes->prediction_rows[code] : 0;
            if (label_rows == 0 && prediction_rows == 0)
                continue;
            size_t size;
            const char *text = mlg_dictionary_text(codes->dictionary, code, &size);
            struct value *value = add_value(values, text, size);
            if (!value)
                return;
            value->label_rows = label_rows;
            value->prediction_rows = prediction_rows;
            value->fact = &codes->facts[code];
            value->label_class = codes->label_classes ? codes->label_classes + code : NULL;
            value->prediction_class =
                source == MLG_PREDICTION_COLUMN ? codes->prediction_classes + code : NULL;
        }
    }
    for (size_t i = 0; i < plan->data->labels.count; i++)
        add_named(values, plan->data->labels.items[i], true);
    const bool scores =
        (plan->reads & (MLG_READS_SCORE | MLG_READS_PROBABILITY)) || source == MLG_PREDICTION_HIGHEST;
    for (size_t i = 0; scores && plan->score_classes && i < plan->score_count; i++)
        add_named(values, plan->score_classes[i], false);
    decide_numeric(values);
    if (source == MLG_PREDICTION_THRESHOLD && !plan->data->label && values->count == 0) {
        add_named(values, plan->data->positive ? plan->data->positive : "1", false);
        add_named(values, plan->data->positive ? "other" : "0", false);
        decide_numeric(values);
    }
    if (!plan->data->positive && ((plan->reads & MLG_READS_POSITIVE) || source == MLG_PREDICTION_THRESHOLD)) {
        complete_default(values, source == MLG_PREDICTION_THRESHOLD);
        decide_numeric(values);
    }
}

/* ---- making -------------------------------------------------------------------------------------- */

int64_t mlg_class_find(const struct mlg_classes *classes, const char *text)
{
    const size_t size = strlen(text);
    if (classes->numeric && !mlg_number_is_exact(text, size))
        return -1;
    for (size_t k = 0; k < classes->count; k++) {
        const char *name = classes->names[k];
        if (classes->numeric ? mlg_number_compare(name, strlen(name), text, size) == 0
                             : strcmp(name, text) == 0)
            return (int64_t)k;
    }
    return -1;
}

/* How many there are is not told: what is too many depends on the slices, and a worker stops at its own. */
int mlg_classes_too_many(const struct mlg_plan *plan, struct mlg_error *error)
{
    const struct mlg_data *data = plan->data;
    const char *label = plan->reads & MLG_READS_LABEL ? data->label : NULL;
    const char *prediction =
        mlg_plan_prediction_source(plan) == MLG_PREDICTION_COLUMN ? data->prediction : NULL;
    return mlg_error_set(
        error, MLG_CLASSES,
        "%s%s%s%s%s%s%s of '%s' have too many different values to be classes: classes x classes x slices "
        "have "
        "%d cells at most, room for 2048 classes without slices; numbers are read by mae, rmse and the like, "
        "probabilities as 'score'; else use fewer slices, or a column of fewer values",
        label ? "labels (column '" : "", label ? label : "", label ? "')" : "",
        label && prediction ? " and " : "", prediction ? "predictions (column '" : "",
        prediction ? prediction : "", prediction ? "')" : "", data->name, MLG_SCAN_CELLS);
}

static int group_into_classes(struct values *values, struct mlg_classes *classes, bool *listed,
                              struct mlg_error *error)
{
    struct mlg_arena *arena = values->plan->arena;
    size_t k = 0;
    if (values->count > 0) /* else there are no items at all */
        qsort(values->items, values->count, sizeof *values->items, compare_values);
    for (size_t i = 0; i < values->count; i++)
        classes->count += i == 0 || !same_class(values->items + i, values->items + i - 1);
    if (classes->count > MLG_SCAN_CLASSES)
        return mlg_classes_too_many(values->plan, error);
    classes->names = MLG_NEW_ARRAY(arena, const char *, classes->count);
    classes->label_rows = MLG_NEW_ARRAY(arena, uint64_t, classes->count);
    classes->prediction_rows = MLG_NEW_ARRAY(arena, uint64_t, classes->count);
    if (!classes->names || !classes->label_rows || !classes->prediction_rows)
        return mlg_scan_no_memory(error, values->plan->data);
    for (size_t i = 0; i < values->count; i++) {
        const struct value *v = values->items + i;
        if (i > 0 && !same_class(v, v - 1))
            k++;
        if (!classes->names[k] && !(classes->names[k] = mlg_arena_copy(arena, v->text, v->size)))
            return mlg_scan_no_memory(error, values->plan->data);
        classes->label_rows[k] += v->label_rows;
        classes->prediction_rows[k] += v->prediction_rows;
        listed[k] |= v->listed;
        if (v->label_class)
            *v->label_class = (uint32_t)k;
        if (v->prediction_class)
            *v->prediction_class = (uint32_t)k;
    }
    classes->numeric = values->numeric;
    return 0;
}

static int find_positive(const struct values *values, struct mlg_classes *classes, struct mlg_error *error)
{
    const struct mlg_data *data = values->plan->data;
    classes->positive = -1;
    classes->positive_given = data->positive != NULL;
    if (data->positive) {
        classes->positive = mlg_class_find(classes, data->positive);
        const char *near =
            classes->positive < 0 ? mlg_nearest(data->positive, classes->names, classes->count) : NULL;
        if (classes->positive < 0)
            return mlg_error_set(error, MLG_DATA,
                                 "positive '%s' is no class of '%s'; %s%s%sthe %s seen are %s",
                                 data->positive, data->name, near ? "did you mean '" : "", near ? near : "",
                                 near ? "'? " : "", known_from(values), labels_seen(values));
        return 0;
    }
    const char *other, *positive;
    if (default_holds(values, &other, &positive) && positive) {
        classes->positive = mlg_class_find(classes, positive);
        return 0;
    }
    classes->positive_why =
        mlg_arena_format(values->plan->arena,
                         "which class of '%s' is the positive one is not known, its %s are %s; name it "
                         "with %s%s",
                         data->name, known_from(values), labels_seen(values),
                         mlg_data_option(data, "positive", NULL).text, mlg_data_where(data).text);
    return classes->positive_why ? 0 : mlg_scan_no_memory(error, data);
}

/* What a threshold's two sides are. */
static int settle_threshold(const struct values *values, struct mlg_classes *classes,
                            struct mlg_codes *workers, size_t worker_count, struct mlg_error *error)
{
    const struct mlg_data *data = values->plan->data;
    uint64_t sides[2] = {0, 0};
    for (size_t w = 0; w < worker_count; w++)
        for (size_t side = 0; side < 2; side++)
            sides[side] += workers[w].prediction_rows[side];
    if (data->labels.count > 2)
        return mlg_error_set(
            error, MLG_CLASSES,
            "predictions from one score and a threshold need two classes, but %s%s lists %zu; "
            "add %s, or a score column per class",
            mlg_data_option(data, "labels", NULL).text, mlg_data_where(data).text, data->labels.count,
            mlg_data_option(data, "prediction", "COLUMN").text);
    if (classes->count > 2)
        return mlg_error_set(error, MLG_CLASSES,
                             "predictions from one score and a threshold need two classes, but the labels of "
                             "'%s' are %s; add %s, or a score column per class%s%s",
                             data->name, labels_seen(values),
                             mlg_data_option(data, "prediction", "COLUMN").text, data->from_flags ? "" : ",",
                             mlg_data_where(data).text);
    if (classes->positive < 0)
        return mlg_error_set(error, MLG_DATA, "predictions come from a score and a threshold, but %s",
                             classes->positive_why);
    int64_t other = classes->count == 2 ? 1 - classes->positive : -1;
    if (other < 0 && sides[0] > 0)
        return mlg_error_set(error, MLG_DATA,
                             "all labels of '%s' are '%s', and what a score under the threshold predicts is "
                             "not known; list both classes with %s%s",
                             data->name, classes->names[0], mlg_data_option(data, "labels", NULL).text,
                             mlg_data_where(data).text);
    if (other < 0)
        other = classes->positive;
    classes->prediction_rows[other] += sides[0];
    classes->prediction_rows[classes->positive] += sides[1];
    for (size_t w = 0; w < worker_count; w++) {
        workers[w].prediction_classes[0] = (uint32_t)other;
        workers[w].prediction_classes[1] = (uint32_t)classes->positive;
    }
    return 0;
}

static void settle_highest(const struct mlg_plan *plan, struct mlg_classes *classes,
                           struct mlg_codes *workers, size_t worker_count)
{
    for (size_t i = 0; i < plan->score_count; i++) {
        const uint32_t k = (uint32_t)mlg_class_find(classes, plan->score_classes[i]);
        for (size_t w = 0; w < worker_count; w++) {
            workers[w].prediction_classes[i] = k;
            classes->prediction_rows[k] += workers[w].prediction_rows[i];
        }
    }
}

/* ---- checks -------------------------------------------------------------------------------------- */

static int mixed(const struct mlg_plan *plan, const char *value, const char *named, struct mlg_error *error)
{
    return mlg_error_set(error, MLG_DATA,
                         "labels and predictions of '%s' mix numbers and text, so that '%s' and '%s' are "
                         "different classes; write all of them as numbers, or '%s' the same way everywhere",
                         plan->data->name, value, named, named);
}

/* Was what the workers believed during the pass right? */
static int check_beliefs(const struct mlg_plan *plan, const struct mlg_classes *classes,
                         const struct mlg_codes *workers, size_t worker_count, struct mlg_error *error)
{
    if (classes->numeric)
        return 0; /* beliefs compare as numbers, and so do the classes */
    for (size_t w = 0; w < worker_count; w++)
        for (uint32_t code = 0; code < workers[w].count; code++) {
            if (!(plan->reads & MLG_READS_LABEL) || workers[w].label_rows[code] == 0)
                continue;
            const struct mlg_code_fact *fact = workers[w].facts + code;
            const uint32_t k = workers[w].label_classes[code];
            const char *text = classes->names[k];
            if (classes->positive >= 0 && fact->positive != (k == (uint32_t)classes->positive))
                return mixed(plan, text, classes->names[classes->positive], error);
            if (fact->score != MLG_NONE && strcmp(plan->score_classes[fact->score], text) != 0)
                return mixed(plan, text, plan->score_classes[fact->score], error);
        }
    return 0;
}

/* One "inf" would make texts of all the numbers beside it, and 1 and 1.0 two classes. Among texts, or where
 * the config names it, it is a class like any other. */
static int check_finite(const struct values *values, struct mlg_error *error)
{
    const struct mlg_data *data = values->plan->data;
    const struct value *first = NULL;
    size_t numbers = 0;
    for (size_t i = 0; i < values->count; i++) {
        const struct value *v = &values->items[i];
        if (mlg_number_is_exact(v->text, v->size))
            numbers++;
        else if (!v->fact || !v->fact->infinite)
            return 0;
        else if (!first || v->fact->place.line < first->fact->place.line)
            first = v;
    }
    if (!first || numbers == 0)
        return 0;
    const bool is_label = first->fact->stands_as_label;
    return mlg_error_at(
        error, MLG_DATA, first->fact->place,
        "%s '%s' in column '%s' is not finite, and all others are numbers; finite numbers are "
        "accepted",
        is_label ? "label" : "prediction", first->text, is_label ? data->label : data->prediction);
}

static int check_listed(const struct values *values, const struct mlg_classes *classes, const bool *listed,
                        struct mlg_error *error)
{
    const struct mlg_data *data = values->plan->data;
    for (size_t k = 0; data->labels.count > 0 && k < classes->count; k++)
        if (!listed[k])
            return mlg_error_set(
                error, MLG_DATA, "class '%s' of '%s' is not among its labels: %s", classes->names[k],
                data->name, mlg_sentence_list(values->plan->arena, data->labels.items, data->labels.count));
    return 0;
}

static int check_scored(const struct mlg_plan *plan, const struct mlg_classes *classes,
                        struct mlg_error *error)
{
    if (!plan->score_classes || !((plan->reads & (MLG_READS_SCORE | MLG_READS_PROBABILITY)) ||
                                  mlg_plan_prediction_source(plan) == MLG_PREDICTION_HIGHEST))
        return 0;
    for (size_t k = 0; k < classes->count; k++) {
        bool scored = false;
        for (size_t i = 0; i < plan->score_count && !scored; i++)
            scored = mlg_class_find(classes, plan->score_classes[i]) == (int64_t)k;
        if (!scored)
            return mlg_error_set(error, MLG_DATA,
                                 "class '%s' of '%s' has no score column; there are columns for %s",
                                 classes->names[k], plan->data->name,
                                 mlg_sentence_list(plan->arena, plan->score_classes, plan->score_count));
    }
    return 0;
}

/* A number from 0 to 1. */
static bool is_probability(const char *text)
{
    double number;
    return mlg_number_parse(text, strlen(text), &number) && number >= 0 && number <= 1;
}

static int check_shared(const struct values *values, const struct mlg_classes *classes,
                        struct mlg_error *error)
{
    const struct mlg_plan *plan = values->plan;
    if (mlg_plan_prediction_source(plan) != MLG_PREDICTION_COLUMN || !(plan->reads & MLG_READS_LABEL) ||
        plan->data->labels.count > 0)
        return 0;
    const char **predictions = MLG_NEW_ARRAY(plan->arena, const char *, classes->count + 1);
    if (!predictions)
        return mlg_scan_no_memory(error, plan->data);
    size_t count = 0, probabilities = 0;
    for (size_t k = 0; k < classes->count; k++) {
        if (classes->label_rows[k] > 0 && classes->prediction_rows[k] > 0)
            return 0;
        if (classes->prediction_rows[k] == 0)
            continue;
        predictions[count++] = classes->names[k];
        probabilities += is_probability(classes->names[k]);
    }
    if (count > 0 && probabilities == count)
        return mlg_error_set(error, MLG_CLASSES,
                             "the predictions of '%s' (column '%s') are numbers from 0 to 1, such as %s, and "
                             "none is a label (%s); "
                             "if they are probabilities, name the column by %s%s, not as the prediction",
                             plan->data->name, plan->data->prediction, predictions[0], labels_seen(values),
                             mlg_data_option(plan->data, "score", "COLUMN").text,
                             mlg_data_where(plan->data).text);
    return mlg_error_set(
        error, MLG_CLASSES,
        "labels and predictions of '%s' share no class: labels are %s, predictions %s; write "
        "both the same way",
        plan->data->name, labels_seen(values), mlg_sentence_list(plan->arena, predictions, count));
}

static int make(struct values *values, struct mlg_codes *workers, size_t worker_count,
                struct mlg_classes *classes, struct mlg_error *error)
{
    const struct mlg_plan *plan = values->plan;
    const enum mlg_prediction_source source = mlg_plan_prediction_source(plan);
    collect(values, workers, worker_count);
    bool *listed = MLG_NEW_ARRAY(plan->arena, bool, values->count + 1);
    if (values->no_memory || !listed)
        return mlg_scan_no_memory(error, plan->data);
    int code = check_finite(values, error);
    if (!code)
        code = group_into_classes(values, classes, listed, error);
    if (code)
        return code;
    classes->has_predictions = source != MLG_PREDICTION_NONE;
    classes->positive_read = (plan->reads & MLG_READS_POSITIVE) || source == MLG_PREDICTION_THRESHOLD;
    if ((code = check_shared(values, classes, error)) ||
        (code = check_listed(values, classes, listed, error)) ||
        (code = check_scored(plan, classes, error)) || (code = find_positive(values, classes, error)))
        return code;
    if (source == MLG_PREDICTION_THRESHOLD)
        code = settle_threshold(values, classes, workers, worker_count, error);
    else if (source == MLG_PREDICTION_HIGHEST)
        settle_highest(plan, classes, workers, worker_count);
    return code ? code : check_beliefs(plan, classes, workers, worker_count, error);
}

int mlg_classes_make(const struct mlg_plan *plan, struct mlg_codes *workers, size_t worker_count,
                     struct mlg_classes *classes, struct mlg_error *error)
{
    struct values values = {.plan = plan};
    const int code = make(&values, workers, worker_count, classes, error);
    free(values.items);
    return code;
}
