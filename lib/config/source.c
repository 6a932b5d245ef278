/* source: one entry of `data`, and what its keys mean together. */
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "mlgate/text.h"

/* ---- columns --------------------------------------------------------------------------------------- */

bool mlg_data_is_score(const struct mlg_data *data, const char *column)
{
    const char *prefix = data->score_prefix;
    return mlg_text_equal(column, data->score.column) ||
           mlg_text_is_among(column, data->score.map.values, data->score.map.count) ||
           (prefix && strncmp(column, prefix, strlen(prefix)) == 0);
}

/* ---- options in sentences ------------------------------------------------------------------------- */

struct mlg_option_text mlg_option_name(bool from_flags, const char *key, const char *value)
{
    struct mlg_option_text name;
    const char *between = !value ? "" : from_flags ? " " : ": ";
    snprintf(name.text, sizeof name.text, from_flags ? "--%s%s%s" : "'%s%s%s'", key, between,
             value ? value : "");
    for (char *c = name.text; from_flags && *c && *c != ' '; c++)
        if (*c == '_')
            *c = '-';
    return name;
}

struct mlg_option_text mlg_data_option(const struct mlg_data *data, const char *key, const char *value)
{
    return mlg_option_name(data->from_flags, key, value);
}

struct mlg_option_text mlg_data_where(const struct mlg_data *data)
{
    struct mlg_option_text where = {""};
    if (!data->from_flags)
        snprintf(where.text, sizeof where.text, " under data.%s", data->name);
    return where;
}

/* ---- classes -------------------------------------------------------------------------------------- */

/* A class as it is compared: as a number with numbers, digit by digit, else as text. */
struct class_name {
    const char *text;
    bool is_number;
};

static struct class_name class_of(const char *text)
{
    struct class_name name = {.text = text};
    name.is_number = mlg_number_is_exact(text, strlen(text));
    return name;
}

static bool is_same_class(const struct class_name *a, const struct class_name *b)
{
    if (a->is_number && b->is_number)
        return mlg_number_compare(a->text, strlen(a->text), b->text, strlen(b->text)) == 0;
    return strcmp(a->text, b->text) == 0;
}

static bool is_class(const struct class_name *classes, size_t count, const char *text)
{
    const struct class_name name = class_of(text);
    for (size_t i = 0; i < count; i++)
        if (is_same_class(&classes[i], &name))
            return true;
    return false;
}

static bool is_score(const struct mlg_data *data, const char *column)
{
    if (data->score.column)
        return strcmp(data->score.column, column) == 0;
    for (size_t i = 0; i < data->score.map.count; i++)
        if (strcmp(data->score.map.values[i], column) == 0)
            return true;
    return false;
}

/* The place of a key, for mistakes that lie between two of them. */
static const struct mlg_node *at(const struct mlg_node *map, const char *key)
{
    const struct mlg_node *value = mlg_node_get(map, key);
    return value ? value : map;
}

static bool is_character(const char *text)
{
    return strlen(text) == 1 && (unsigned char)*text < 0x80 && !strchr("\"\r\n", *text);
}

static void judge_file(const struct mlg_data *data, const struct mlg_node *map, struct mlg_diagnostics *list)
{
    if (data->delimiter && strcmp(data->delimiter, "tab") != 0 && !is_character(data->delimiter))
        mlg_node_diagnose(list, MLG_ERROR, at(map, "delimiter"),
                          "'%s' is no delimiter; 'delimiter' takes one character such as ';', or tab",
                          data->delimiter);
    if (data->decimal && strcmp(data->decimal, ".") != 0 && strcmp(data->decimal, ",") != 0)
        mlg_node_diagnose(list, MLG_ERROR, at(map, "decimal"),
                          "'%s' is no decimal mark; 'decimal' takes . or ,", data->decimal);
    if (data->delimiter && data->decimal && strcmp(data->delimiter, data->decimal) == 0)
        mlg_node_diagnose(list, MLG_ERROR, at(map, "decimal"),
                          "'%s' cannot be the decimal mark and the delimiter at once", data->decimal);
}

static void judge_scores(const struct mlg_data *data, const struct mlg_node *map,
                         struct mlg_diagnostics *list)
{
    bool several = data->score.map.count > 0 || data->score_prefix;
    bool one = data->score.column != NULL;

    if (data->prediction && mlg_node_get(map, "threshold"))
        mlg_node_diagnose(
            list, MLG_ERROR, at(map, "threshold"),
            "'threshold' makes predictions of a score, and 'prediction' names them: leave out one "
            "of the two");
    if (!one && !several && mlg_node_get(map, "link"))
        mlg_node_diagnose(list, MLG_ERROR, at(map, "link"), "'link' is of scores, and no 'score' is named");
    if (data->score_prefix && (one || data->score.map.count > 0))
        mlg_node_diagnose(list, MLG_ERROR, at(map, "score_prefix"),
                          "'score' and 'score_prefix' both name the scores; give one of them");
    else if (several && mlg_node_get(map, "threshold"))
        mlg_node_diagnose(
            list, MLG_ERROR, at(map, "threshold"),
            "'threshold' is for one score; with several, the class with the highest is predicted");
    else if (one && data->link == MLG_LINK_SOFTMAX)
        mlg_node_diagnose(
            list, MLG_ERROR, at(map, "link"),
            "'softmax' links one score per class, and there is one score; 'logit' or 'none' would fit");
}

static void judge_join(const struct mlg_data *data, const struct mlg_node *map, struct mlg_diagnostics *list)
{
    if (!data->join && !data->labels_path)
        return;
    if (!data->join)
        mlg_node_diagnose(list, MLG_ERROR, at(map, "labels_path"),
                          "the labels' file needs %s, the column by which its rows match the predictions'",
                          mlg_data_option(data, "join", NULL).text);
    else if (!data->labels_path)
        mlg_node_diagnose(list, MLG_ERROR, at(map, "join"),
                          "a join needs %s, the file that the labels stand in",
                          mlg_data_option(data, "labels_path", NULL).text);
    else if (!data->label)
        mlg_node_diagnose(list, MLG_ERROR, at(map, "labels_path"),
                          "the labels' file needs %s, the column of the labels in it",
                          mlg_data_option(data, "label", NULL).text);
    else if (strcmp(data->join, data->label) == 0)
        mlg_node_diagnose(list, MLG_ERROR, at(map, "join"),
                          "column '%s' is the label, and rows are not matched by what they are asked for",
                          data->join);
    if (data->path && data->labels_path && strcmp(data->path, "-") == 0 &&
        strcmp(data->labels_path, "-") == 0)
        mlg_node_diagnose(list, MLG_ERROR, at(map, "labels_path"),
                          "standard input cannot be the predictions and the labels at once");
}

/* What a row weighs, and whom it belongs to, is known before anything is answered about it. */
static void judge_beside(const struct mlg_data *data, const char *role, const char *column,
                         const struct mlg_node *map, struct mlg_diagnostics *list)
{
    if (!column)
        return;
    const char *other = data->label && strcmp(column, data->label) == 0             ? "label"
                        : data->prediction && strcmp(column, data->prediction) == 0 ? "prediction"
                        : is_score(data, column)                                    ? "score"
                                                                                    : NULL;
    if (other)
        mlg_node_diagnose(list, MLG_ERROR, at(map, role),
                          "column '%s' is the %s and the %s; a column has one role of these", column, other,
                          role);
}

static void judge_roles(const struct mlg_data *data, const struct mlg_node *map, struct mlg_diagnostics *list)
{
    judge_beside(data, "weight", data->weight, map, list);
    judge_beside(data, "cluster", data->cluster, map, list);
    if (!data->label)
        return;
    if (data->prediction && strcmp(data->prediction, data->label) == 0)
        mlg_node_diagnose(list, MLG_ERROR, at(map, "prediction"),
                          "column '%s' is the label and the prediction; a label cannot judge itself",
                          data->label);
    if (is_score(data, data->label))
        mlg_node_diagnose(list, MLG_ERROR, at(map, "score"),
                          "column '%s' is the label and a score; a label cannot judge itself", data->label);
}

static void judge_classes(const struct mlg_data *data, const struct mlg_node *map, struct mlg_arena *arena,
                          struct mlg_diagnostics *list)
{
    const struct mlg_texts *labels = &data->labels;
    struct class_name *classes;

    if (labels->count == 0)
        return;
    if (labels->count > MLG_MAP_ENTRIES) {
        mlg_node_diagnose(list, MLG_ERROR, at(map, "labels"), "more than %d entries in 'labels'",
                          (int)MLG_MAP_ENTRIES);
        return;
    }
    classes = MLG_NEW_ARRAY(arena, struct class_name, labels->count);
    if (!classes) {
        mlg_node_diagnose(list, MLG_ERROR, at(map, "labels"), "no memory left for 'labels'");
        return;
    }
    for (size_t i = 0; i < labels->count; i++) {
        classes[i] = class_of(labels->items[i]);
        for (size_t k = 0; k < i; k++)
            if (is_same_class(&classes[i], &classes[k])) {
                mlg_node_diagnose(list, MLG_ERROR, labels->nodes[i] ? labels->nodes[i] : at(map, "labels"),
                                  "class '%s' stands in 'labels' twice", labels->items[i]);
                break;
            }
    }
    if (data->positive && !is_class(classes, labels->count, data->positive))
        mlg_node_diagnose(list, MLG_ERROR, at(map, "positive"),
                          "the positive class '%s' is not in 'labels': %s", data->positive,
                          mlg_join(labels->items, labels->count, arena));
    for (size_t i = 0; i < data->score.map.count; i++)
        if (!is_class(classes, labels->count, data->score.map.keys[i]))
            mlg_node_diagnose(list, MLG_ERROR, at(map, "score"),
                              "class '%s' of 'score' is not in 'labels': %s", data->score.map.keys[i],
                              mlg_join(labels->items, labels->count, arena));
}

bool mlg_data_read(struct mlg_data *data, const struct mlg_node *map, const char *what,
                   struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    static const struct mlg_param *const tables[] = {mlg_data_params, NULL};
    const char *name = data->name;
    bool from_flags = data->from_flags;
    size_t errors = list->errors;

    *data = mlg_data_defaults;
    data->name = name;
    data->from_flags = from_flags;
    data->node = map;
    data->origins = MLG_NEW_ARRAY(arena, struct mlg_origin, mlg_params_count(mlg_data_params));
    if (!data->origins) {
        mlg_node_diagnose(list, MLG_ERROR, map, "no memory left for %s", what);
        return false;
    }
    mlg_keys_known(map, tables, NULL, what, arena, list);
    mlg_rows_read(mlg_data_params, data, data->origins, map, what, arena, list);
    judge_file(data, map, list);
    judge_scores(data, map, list);
    judge_join(data, map, list);
    judge_roles(data, map, list);
    judge_classes(data, map, arena, list);
    data->has_mistakes = list->errors != errors || map->is_cut;
    return list->errors == errors;
}
