/* fairness: who does the model serve worse, and is it proven?
 *
 * A quantity is measured of every group of an attribute, and the groups are compared. A check fails where
 * some pair of groups is beyond the limit, at a level corrected for the number of pairs; it passes only where
 * every pair is inside, each at the plain level; otherwise the data cannot tell, and the pair that stands in
 * the way is named. Groups that are too small, left out or not declared are always told. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/disparity.h"
#include "mlgate/run.h"
#include "mlgate/text.h"
#include "mlgate/verdict.h"

struct fairness_options {
    struct mlg_slicings attributes;
    struct mlg_bins bins;
    struct mlg_exclusions exclude;
    double exclude_under;
    int64_t min_group_rows, min_group_positives, min_group_negatives;
    struct mlg_texts favourable;
    struct mlg_map reference;
    bool exclude_missing;
    const char *exclude_under_reason, *exclude_missing_reason;
    int preset;
};

enum { PRESET_NONE, PRESET_FOUR_FIFTHS, PRESET_EQUALIZED_ODDS, PRESET_NYC_LL144 };
static const char *const presets[] = {"none", "four_fifths", "equalized_odds", "nyc_ll144", NULL};

#define OPTION(field, kind) MLG_FIELD(struct fairness_options, field, kind)

static const struct mlg_param params[] = {
    {.name = "attributes",
     OPTION(attributes, attributes),
     .argument = "ATTRIBUTE",
     .weaker = MLG_WEAKER_FEWER,
     .group = "groups",
     .help = "the columns whose values are the groups, and their crosses, such as sex, race, sex*race",
     .unset = "it has to be given"},
    {.name = "bins",
     OPTION(bins, bins),
     .argument = "COLUMN=CUTS",
     .weaker = MLG_WEAKER_FEWER_OR_OTHER,
     .group = "groups",
     .help = "cut points that make groups of a column of numbers, such as {age: [25, 45, 65]}, or as a flag "
             "age=25,45,65",
     .unset = "every value is a group"},
    {.name = "reference",
     OPTION(reference, map),
     .argument = "ATTRIBUTE=VALUE",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "groups",
     .help = "the group of an attribute that every other one is compared with, such as {sex: Male, race: "
             "White}; a cross whose columns all have one takes theirs, or has its own, as in {sex*race: "
             "Male*White}; a check's own 'reference' or 'method' goes before",
     .unset = "every pair of groups is compared"},
    {.name = "exclude",
     OPTION(exclude, exclusions),
     .argument = "GROUP",
     .weaker = MLG_WEAKER_MORE,
     .group = "groups",
     .help = "groups that are left out, each with the reason, such as [{group: {race: Other}, reason: few "
             "rows}]; "
             "they are listed",
     .unset = "no group is left out",
     .not_a_flag = true},
    {.name = "exclude_under",
     OPTION(exclude_under, share),
     .minimum = 0,
     .maximum = 1,
     .maximum_open = true,
     .argument = "SHARE",
     .weaker = MLG_WEAKER_HIGHER,
     .group = "groups",
     .help = "groups with a smaller share of the rows are left out; they are listed"},
    {.name = "exclude_under_reason",
     OPTION(exclude_under_reason, text),
     .argument = "TEXT",
     .weaker = MLG_WEAKER_NONE,
     .group = "groups",
     .help = "why they are left out; it stands beside each of them",
     .unset = "exclude_under asks for it"},
    {.name = "exclude_missing",
     OPTION(exclude_missing, boolean),
     .argument = "BOOLEAN",
     .weaker = MLG_WEAKER_HIGHER,
     .group = "groups",
     .help = "rows whose attribute is missing are no group; they are counted and listed"},
    {.name = "exclude_missing_reason",
     OPTION(exclude_missing_reason, text),
     .argument = "TEXT",
     .weaker = MLG_WEAKER_NONE,
     .group = "groups",
     .help = "why they are none; it stands beside them",
     .unset = "exclude_missing asks for it"},
    {.name = "min_group_rows",
     OPTION(min_group_rows, integer),
     .minimum = 0,
     .maximum = 1e12,
     .argument = "ROWS",
     .weaker = MLG_WEAKER_LOWER,
     .group = "groups",
     .help = "a group with fewer rows makes every pass inconclusive, unless exclude names it"},
    {.name = "min_group_positives",
     OPTION(min_group_positives, integer),
     .minimum = 0,
     .maximum = 1e12,
     .argument = "ROWS",
     .weaker = MLG_WEAKER_LOWER,
     .group = "groups",
     .help =
         "a group with fewer rows that are labelled positive, or with the class that a check is about, makes "
         "every pass inconclusive, unless exclude names it"},
    {.name = "min_group_negatives",
     OPTION(min_group_negatives, integer),
     .minimum = 0,
     .maximum = 1e12,
     .argument = "ROWS",
     .weaker = MLG_WEAKER_LOWER,
     .group = "groups",
     .help =
         "a group with fewer rows that are labelled otherwise makes every pass inconclusive, unless exclude "
         "names it"},
    {.name = "favourable",
     OPTION(favourable, texts),
     .argument = "LABEL",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "groups",
     .help = "the classes that are good for whom they are given to; together they are the positive class",
     .unset = "the positive class alone"},
    {.name = "preset",
     OPTION(preset, choice),
     .choices = presets,
     .argument = "NAME",
     .weaker = MLG_WEAKER_NONE,
     .group = "groups",
     .help = "checks and options that stand for a rule: four_fifths (EEOC), equalized_odds, nyc_ll144 (6 "
             "RCNY 5-301); "
             "mlgate check --expand prints them"},
    {0}};

static const struct fairness_options defaults = {0};

/* ---- presets -------------------------------------------------------------------------------------- */

/* The options of a gate stand behind a pointer to const once it is read; here it is being read. */
static struct mlg_origin *origin_of(struct mlg_gate_config *config, const char *option)
{
    return &config->option_origins[mlg_params_find(params, option) - params];
}

static bool is_given(struct mlg_gate_config *config, const char *option)
{
    return origin_of(config, option)->type != MLG_BUILT_IN;
}

/* Every cross of two attributes that are columns, unless it is there. */
static void cross_attributes(struct fairness_options *options, struct mlg_arena *arena,
                             struct mlg_diagnostics *list)
{
    struct mlg_slicings *attributes = &options->attributes;
    const size_t count = attributes->count;
    struct mlg_slicing *items = MLG_NEW_ARRAY(arena, struct mlg_slicing, count + count * count);
    if (!items || count == 0)
        return;
    memcpy(items, attributes->items, count * sizeof *items);
    for (size_t i = 0; i < count; i++)
        for (size_t j = i + 1; j < count; j++) {
            const struct mlg_slicing *a = &items[i], *b = &items[j];
            const char *text = mlg_arena_format(arena, "%s*%s", a->written, b->written);
            bool is_there = a->column_count != 1 || b->column_count != 1 || a->is_comparison ||
                            b->is_comparison || a->declared_count == 1 || b->declared_count == 1 || !text;
            for (size_t k = 0; k < attributes->count && !is_there; k++)
                is_there = items[k].column_count == 2 && ((strcmp(items[k].columns[0], a->columns[0]) == 0 &&
                                                           strcmp(items[k].columns[1], b->columns[0]) == 0) ||
                                                          (strcmp(items[k].columns[1], a->columns[0]) == 0 &&
                                                           strcmp(items[k].columns[0], b->columns[0]) == 0));
            if (!is_there && mlg_slicing_parse(text, &items[attributes->count], a->node, arena, list))
                attributes->count++;
        }
    attributes->items = items;
}

/* A preset's reason for what it leaves out, unless there is one. */
static void give_reason(struct mlg_gate_config *config, const char *option, const char **reason,
                        const char *because, struct mlg_origin origin)
{
    if (is_given(config, option))
        return;
    *reason = because;
    *origin_of(config, option) = origin;
}

/* What a preset leaves out is left out of every check of the gate, and one of the user's own is weaker for
 * it.
 */
static void refuse_own_checks(const struct mlg_gate_config *config, const char *const *preset_has,
                              struct mlg_diagnostics *list)
{
    for (size_t i = 0; i < config->checks.count; i++) {
        const struct mlg_check_config *item = &config->checks.items[i];
        bool is_of_preset = false;
        for (const char *const *text = preset_has; *text; text++)
            is_of_preset = is_of_preset || strcmp(*text, item->check.written) == 0;
        if (!is_of_preset)
            mlg_node_diagnose(
                list, MLG_ERROR, item->node,
                "'%s' would be judged without the groups and rows that 'preset: %s' leaves out; "
                "write it in a gate of its own, or give this one 'exclude_under' and "
                "'exclude_missing'",
                item->check.written, presets[PRESET_NYC_LL144]);
    }
}

/* New York City, rules on automated employment decision tools: impact ratios by sex, race and their crosses,
 * of selection and of scoring; a category under 2 % may be left out if it is told; unknown categories are
 * counted apart. The rule sets no limit: four fifths is judged for orientation, and blocks nothing. */
static void expand_new_york(struct mlg_gate_config *config, const struct mlg_suite *suite,
                            const struct mlg_node *node, struct mlg_arena *arena,
                            struct mlg_diagnostics *list)
{
    static const char because[] =
        "6 RCNY 5-301 asks for the impact ratio and sets no limit; four fifths is the EEOC's";
    struct fairness_options *options = config->options;
    const struct mlg_data *data = mlg_suite_data(suite, config->data);
    const struct mlg_origin origin = node ? node->origin : (struct mlg_origin){0};
    static const char *const checks[] = {"selection_rate_ratio >= 0.8", "scoring_rate_ratio", NULL};
    cross_attributes(options, arena, list);
    if (!is_given(config, "exclude_under") || !is_given(config, "exclude_missing"))
        refuse_own_checks(config, checks, list);
    if (!is_given(config, "exclude_under")) {
        options->exclude_under = 0.02;
        *origin_of(config, "exclude_under") = origin;
        give_reason(config, "exclude_under_reason", &options->exclude_under_reason, "6 RCNY 5-301(d)",
                    origin);
    }
    if (!is_given(config, "exclude_missing")) {
        options->exclude_missing = true;
        *origin_of(config, "exclude_missing") = origin;
        give_reason(config, "exclude_missing_reason", &options->exclude_missing_reason,
                    "unknown category, 6 RCNY 5-301", origin);
    }
    mlg_gate_add_check(config, checks[0], false, because, node, arena, list);
    if (data && (data->score.column || data->score.map.count))
        mlg_gate_add_check(config, checks[1], true, NULL, node, arena, list);
}

static const struct mlg_bin *bins_of(const struct fairness_options *options, const char *column)
{
    for (size_t i = 0; i < options->bins.count; i++)
        if (strcmp(options->bins.items[i].column, column) == 0)
            return &options->bins.items[i];
    return NULL;
}

static void fairness_expand(struct mlg_gate_config *config, const struct mlg_suite *suite,
                            struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const struct fairness_options *options = config->options;
    for (size_t s = 0; s < config->slices.count; s++)
        for (size_t c = 0; c < config->slices.items[s].column_count; c++)
            if (config->slices.items[s].declared_count == 0)
                config->slices.items[s].bins[c] = bins_of(options, config->slices.items[s].columns[c]);
    const struct mlg_node *node = config->node ? mlg_node_get(config->node, "preset") : NULL;
    if (!node)
        node = config->node;
    switch (options->preset) {
    case PRESET_FOUR_FIFTHS:
        mlg_gate_add_check(config, "selection_rate_ratio >= 0.8", true,
                           "the four-fifths rule of the EEOC, 29 CFR 1607.4(D)", node, arena, list);
        break;
    case PRESET_EQUALIZED_ODDS:
        mlg_gate_add_check(config, "equalized_odds_difference <= 0.1", true,
                           "equalized odds, Hardt et al. 2016; 0.1 is a convention", node, arena, list);
        break;
    case PRESET_NYC_LL144:
        expand_new_york(config, suite, node, arena, list);
        break;
    default:
        break;
    }
}

/* ---- the config, judged without data ------------------------------------------------------------- */

static bool same_columns(const char *text, const struct mlg_slicing *attribute, struct mlg_arena *arena)
{
    struct mlg_slicing slicing;
    struct mlg_diagnostics unheard;
    mlg_diagnostics_init(&unheard, arena);
    if (!mlg_slicing_parse(text, &slicing, NULL, arena, &unheard) || slicing.is_comparison ||
        slicing.column_count != attribute->column_count)
        return false;
    for (size_t i = 0; i < slicing.column_count; i++)
        if (strcmp(slicing.columns[i], attribute->columns[i]) != 0)
            return false;
    return true;
}

/* Does the check run on this attribute: it names it, or none? */
static bool is_about(const struct mlg_call *call, const struct mlg_slicing *attribute,
                     struct mlg_arena *arena)
{
    return !call->arguments.attribute || same_columns(call->arguments.attribute, attribute, arena);
}

/* ---- the reference group ---- */

/* Does the key name the column, as `attributes` would? */
static bool names_column(const char *key, const char *column, struct mlg_arena *arena)
{
    const struct mlg_slicing single = {.columns = {column}, .column_count = 1};
    return same_columns(key, &single, arena);
}

/* What the gate's `reference` says of the attribute: its own entry; of a cross else the entries of all its
 * columns, joined as a group's name. NULL: nothing. */
static const char *reference_of(const struct fairness_options *options, const struct mlg_slicing *attribute,
                                struct mlg_arena *arena)
{
    const struct mlg_map *map = &options->reference;
    const char *values[MLG_CROSS_COLUMNS] = {0};
    for (size_t i = 0; i < map->count; i++)
        if (same_columns(map->keys[i], attribute, arena))
            return map->values[i];
    for (size_t c = 0; c < attribute->column_count; c++) {
        for (size_t i = 0; i < map->count && !values[c]; i++)
            if (names_column(map->keys[i], attribute->columns[c], arena))
                values[c] = map->values[i];
        if (!values[c])
            return NULL;
    }
    for (size_t c = 0; c < attribute->column_count; c++)
        if (strcmp(values[c], "(missing)") == 0)
            values[c] = NULL;
    return mlg_slice_text(attribute->columns, values, attribute->column_count, false, arena);
}

/* The call as it is on this attribute: with the gate's reference, unless the check says itself what a group
 * is compared with. */
static struct mlg_call call_on(const struct fairness_options *options, const struct mlg_call *call,
                               const struct mlg_slicing *attribute, struct mlg_arena *arena)
{
    struct mlg_call on = *call;
    if (attribute && mlg_text_is_listed("reference", call->metric->arguments) &&
        !mlg_text_is_listed("reference", call->given) && !mlg_text_is_listed("method", call->given))
        on.arguments.reference = reference_of(options, attribute, arena);
    return on;
}

/* The values that the check can take on any of its attributes. */
static void range_of(const struct fairness_options *options, const struct mlg_call *call,
                     struct mlg_arena *arena, double *minimum, double *maximum)
{
    mlg_disparity_range(call, minimum, maximum);
    for (size_t i = 0; i < options->attributes.count; i++) {
        const struct mlg_slicing *attribute = &options->attributes.items[i];
        double least, most;
        if (!is_about(call, attribute, arena))
            continue;
        const struct mlg_call on = call_on(options, call, attribute, arena);
        mlg_disparity_range(&on, &least, &most);
        *minimum = fmin(*minimum, least);
        *maximum = fmax(*maximum, most);
    }
}

static void check_reference(const struct mlg_gate_config *config, const struct mlg_check_config *item,
                            const struct mlg_call *call, struct mlg_arena *arena,
                            struct mlg_diagnostics *list)
{
    const struct fairness_options *options = config->options;
    if (!mlg_disparity_needs_reference(call) || mlg_gate_key_is_lost(config, "reference"))
        return;
    for (size_t i = 0; i < options->attributes.count; i++) {
        const struct mlg_slicing *attribute = &options->attributes.items[i];
        if (!is_about(call, attribute, arena) || call_on(options, call, attribute, arena).arguments.reference)
            continue;
        mlg_check_diagnose(
            list, MLG_ERROR, item, item->check.name_offset,
            "'%s' needs its argument 'reference', such as reference=Male, or an entry for '%s' "
            "in the gate's 'reference', such as {%s: Male}",
            item->check.name, attribute->written, attribute->written);
        return;
    }
}

/* "Male,race=White" of a flag that should have been given twice; the group of a cross may look so. */
static bool holds_another(const struct fairness_options *options, const char *key, const char *value,
                          struct mlg_arena *arena)
{
    for (size_t i = 0; i < options->attributes.count && !strchr(key, '*'); i++)
        for (size_t c = 0; c < options->attributes.items[i].column_count; c++) {
            const char *name = mlg_arena_format(arena, "%s=", options->attributes.items[i].columns[c]);
            for (const char *comma = strchr(value, ','); name && comma; comma = strchr(comma + 1, ','))
                if (strncmp(comma + 1 + strspn(comma + 1, " "), name, strlen(name)) == 0)
                    return true;
        }
    return false;
}

/* Every key names an attribute, or a column of a cross. */
static void check_references(const struct mlg_gate_config *config, struct mlg_arena *arena,
                             struct mlg_diagnostics *list)
{
    const struct fairness_options *options = config->options;
    const struct mlg_slicings *attributes = &options->attributes;
    const struct mlg_node *map = mlg_node_get(config->node, "reference");
    const char **names = MLG_NEW_ARRAY(arena, const char *, attributes->count + 1);
    for (size_t i = 0; names && i < attributes->count; i++)
        names[i] = attributes->items[i].written;
    for (size_t k = 0; names && k < options->reference.count && attributes->count; k++) {
        const char *key = options->reference.keys[k];
        const struct mlg_node *value = map ? mlg_node_get(map, key) : NULL;
        bool is_known = false;
        for (size_t i = 0; i < attributes->count; i++) {
            const struct mlg_slicing *attribute = &attributes->items[i];
            is_known = is_known || same_columns(key, attribute, arena);
            for (size_t c = 0; c < attribute->column_count; c++)
                is_known = is_known || names_column(key, attribute->columns[c], arena);
        }
        if (holds_another(options, key, options->reference.values[k], arena))
            mlg_node_diagnose(
                list, MLG_ERROR,
                value ? value
                : map ? map
                      : config->node,
                "'%s' as the reference of '%s' holds another reference; give each by itself, as "
                "in --reference sex=Male --reference race=White",
                options->reference.values[k], key);
        if (is_known)
            continue;
        const char *near = mlg_nearest(key, names, attributes->count);
        mlg_node_diagnose(list, MLG_ERROR,
                          value ? value
                          : map ? map
                                : config->node,
                          "'reference' names '%s', which is none of 'attributes'%s%s%s", key,
                          near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
}

static void check_attribute(const struct mlg_gate_config *config, const struct mlg_check_config *item,
                            const struct mlg_call *call, struct mlg_arena *arena,
                            struct mlg_diagnostics *list)
{
    const struct mlg_slicings *attributes = &((const struct fairness_options *)config->options)->attributes;
    const char **names = MLG_NEW_ARRAY(arena, const char *, attributes->count + 1);
    for (size_t i = 0; i < attributes->count; i++) {
        if (is_about(call, &attributes->items[i], arena))
            return;
        if (names)
            names[i] = attributes->items[i].written;
    }
    if (attributes->count == 0 || !names)
        return; /* told with the gate */
    const char *near = mlg_nearest(call->arguments.attribute, names, attributes->count);
    mlg_node_diagnose(list, MLG_ERROR, item->node,
                      "'%s' names the attribute '%s', which is not among 'attributes'%s%s%s",
                      item->check.written, call->arguments.attribute,
                      near ? "; did you mean '" : "; add it there", near ? near : "", near ? "'?" : "");
}

static bool takes(const void *call, int method)
{
    return mlg_disparity_takes(call, method);
}

static void check_one(const struct mlg_gate_config *config, const struct mlg_data *data,
                      const struct mlg_check_config *item, struct mlg_arena *arena,
                      struct mlg_diagnostics *list)
{
    const struct mlg_check *check = &item->check;
    const struct fairness_options *options = config->options;
    struct mlg_call call;
    struct mlg_error error = {0};
    const char *name;
    double minimum, maximum;
    if (mlg_disparity_resolve(check, arena, &call, &name, &error) != MLG_OK) {
        mlg_check_diagnose(list, MLG_ERROR, item, error.place.column ? error.place.column - 1 : 0, "%s",
                           error.text);
        return;
    }
    range_of(options, &call, arena, &minimum, &maximum);
    if (check->comparator != MLG_NO_COMPARATOR &&
        mlg_limit_judge(check->comparator, &check->limit, minimum, maximum) == MLG_LIMIT_IMPOSSIBLE)
        mlg_node_diagnose(list, MLG_ERROR, item->node, "'%s' can never hold: %s lies between %g and %g",
                          check->written, name, minimum, maximum);
    const int method = mlg_settings_method(&item->settings);
    if (!takes(&call, method))
        mlg_node_diagnose(list, MLG_ERROR, item->node, "'interval: %s' is not for %s; use %s",
                          mlg_methods[method].name, name, mlg_settings_methods(takes, &call, arena));
    check_attribute(config, item, &call, arena, list);
    check_reference(config, item, &call, arena, list);
    mlg_check_on(config, item, arena, list);
    for (size_t p = 0; options->favourable.count && p < call.part_count; p++)
        if (call.parts[p].metric->reads & (MLG_READS_SCORE | MLG_READS_PROBABILITY | MLG_READS_LABEL_NUMBER))
            mlg_node_diagnose(
                list, MLG_ERROR, item->node,
                "'favourable' makes one class of several, and '%s' reads scores or numbers; quantities "
                "of labels and predictions, such as selection_rate_ratio, have such a class",
                name);
    if (data && !data->has_mistakes &&
        mlg_call_judge(&call, mlg_disparity_plan, data, arena, &error) != MLG_OK)
        mlg_check_diagnose(list, MLG_ERROR, item, check->name_offset, "%s cannot be measured: %s", name,
                           error.text);
}

/* Floors of labelled rows need labels, whatever the checks read. */
static void check_floors(const struct mlg_gate_config *config, const struct mlg_data *data,
                         struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const struct fairness_options *options = config->options;
    const char *floor = options->min_group_positives > 0 ? "min_group_positives" : "min_group_negatives";
    struct mlg_plan *plan = data && !data->has_mistakes ? mlg_plan_of_keys(data, 2, arena) : NULL;
    struct mlg_error error;
    if (!plan || (options->min_group_positives <= 0 && options->min_group_negatives <= 0) ||
        mlg_plan_reads(plan, MLG_READS_LABEL | MLG_READS_POSITIVE, &error) == MLG_OK)
        return;
    const struct mlg_node *node = mlg_node_get(config->node, floor);
    mlg_node_diagnose(list, MLG_ERROR, node ? node : config->node, "'%s' counts labels: %s", floor,
                      error.text);
}

static void check_columns(const struct mlg_gate_config *config, struct mlg_diagnostics *list)
{
    const struct fairness_options *options = config->options;
    size_t widest = 0;
    for (size_t i = 0; i < config->slices.count; i++) {
        const struct mlg_slicing *slicing = &config->slices.items[i];
        widest = slicing->column_count > widest ? slicing->column_count : widest;
        if (slicing->is_comparison)
            mlg_node_diagnose(
                list, MLG_ERROR, slicing->node,
                "'%s' compares; the slices of a fairness gate are columns and crosses: cut the column "
                "with 'bins'",
                slicing->written);
        else if (slicing->declared_count && bins_of(options, slicing->columns[0]))
            mlg_node_diagnose(
                list, MLG_ERROR, slicing->node,
                "'%s' declares values of a column that 'bins' cuts; name the column alone: every bin "
                "with rows is a slice",
                slicing->written);
    }
    for (size_t i = 0; i < options->attributes.count; i++) {
        const struct mlg_slicing *attribute = &options->attributes.items[i];
        if (attribute->is_comparison)
            mlg_node_diagnose(
                list, MLG_ERROR, attribute->node,
                "'%s' compares; an attribute is a column or a cross: cut the column with 'bins'",
                attribute->written);
        else if (attribute->column_count + widest > MLG_CROSS_COLUMNS)
            mlg_node_diagnose(list, MLG_ERROR, attribute->node,
                              "'%s' within slices crosses more than %d columns", attribute->written,
                              (int)MLG_CROSS_COLUMNS);
        else if (attribute->declared_count == 1)
            mlg_node_diagnose(list, MLG_ERROR, attribute->node,
                              "'%s' declares one group alone; there is nothing to compare it with",
                              attribute->written);
    }
}

/* What the column is to the source; NULL: nothing that is judged. */
static const char *role_of(const struct mlg_data *data, const char *column)
{
    const struct {
        const char *column, *role;
    } roles[] = {{data->label, "label"}, {data->prediction, "prediction"}, {data->score.column, "score"}};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        if (roles[i].column && strcmp(roles[i].column, column) == 0)
            return roles[i].role;
    for (size_t i = 0; i < data->score.map.count; i++)
        if (strcmp(data->score.map.values[i], column) == 0)
            return "score";
    return NULL;
}

/* Rows of one label have no rates to compare. Bins of it, such as ranges of what is predicted, may be groups.
 */
static void check_roles(const struct mlg_gate_config *config, const struct mlg_data *data,
                        struct mlg_diagnostics *list)
{
    const struct fairness_options *options = config->options;
    for (size_t i = 0; data && i < options->attributes.count; i++) {
        const struct mlg_slicing *attribute = &options->attributes.items[i];
        for (size_t c = 0; c < attribute->column_count; c++) {
            const char *role = role_of(data, attribute->columns[c]);
            if (role && !bins_of(options, attribute->columns[c]))
                mlg_node_diagnose(
                    list, MLG_ERROR, attribute->node,
                    "'%s' is the %s of '%s'; an attribute is a column that tells whom or what a "
                    "row is about",
                    attribute->columns[c], role, data->name);
        }
    }
}

static bool has_column(const struct mlg_slicings *slicings, const char *column)
{
    for (size_t i = 0; i < slicings->count; i++)
        for (size_t c = 0; c < slicings->items[i].column_count; c++)
            if (strcmp(slicings->items[i].columns[c], column) == 0)
                return true;
    return false;
}

static void check_exclusions(const struct mlg_gate_config *config, struct mlg_diagnostics *list)
{
    const struct fairness_options *options = config->options;
    for (size_t e = 0; e < options->exclude.count && options->attributes.count; e++) {
        const struct mlg_exclusion *exclusion = &options->exclude.items[e];
        for (size_t k = 0; k < exclusion->group.count; k++) {
            const char *column = exclusion->group.keys[k];
            if (!has_column(&options->attributes, column))
                mlg_node_diagnose(list, MLG_ERROR, exclusion->node,
                                  "'exclude' names the column '%s', which is none of 'attributes'", column);
            else if (strcmp(exclusion->group.values[k], "(missing)") == 0)
                mlg_node_diagnose(list, MLG_ERROR, exclusion->node,
                                  "'exclude' names '(missing)'; rows whose attribute is missing are left out "
                                  "with exclude_missing: true and a reason");
        }
    }
}

/* Only a reason lifts a floor; an empty one is none. */
static void check_reason(const struct mlg_gate_config *config, const char *option, const char *what,
                         const char *reason, struct mlg_diagnostics *list)
{
    const struct mlg_node *node = mlg_node_get(config->node, option);
    if (!reason || mlg_text_is_blank(reason))
        mlg_node_diagnose(list, MLG_ERROR, node ? node : config->node,
                          "'%s' leaves %s out and says no reason; add '%s_reason'", option, what, option);
}

static void check_reasons(const struct mlg_gate_config *config, struct mlg_diagnostics *list)
{
    const struct fairness_options *options = config->options;
    if (options->exclude_under > 0)
        check_reason(config, "exclude_under", "groups", options->exclude_under_reason, list);
    if (options->exclude_missing)
        check_reason(config, "exclude_missing", "rows", options->exclude_missing_reason, list);
}

static void check_bins(const struct mlg_gate_config *config, struct mlg_diagnostics *list)
{
    const struct fairness_options *options = config->options;
    const struct mlg_node *node = mlg_node_get(config->node, "bins");
    for (size_t i = 0; i < options->bins.count && options->attributes.count; i++)
        if (!has_column(&options->attributes, options->bins.items[i].column) &&
            !has_column(&config->slices, options->bins.items[i].column))
            mlg_node_diagnose(list, MLG_ERROR, node ? node : config->node,
                              "'bins' cuts the column '%s', which is none of 'attributes' or 'slices'",
                              options->bins.items[i].column);
}

static void fairness_check(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                           struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const struct fairness_options *options = config->options;
    const struct mlg_data *data = mlg_suite_data(suite, config->data);
    if (options->attributes.count == 0 && !mlg_gate_key_is_lost(config, "attributes"))
        mlg_node_diagnose(
            list, MLG_ERROR, config->node,
            "'attributes' is missing in the gate '%s'; it names the columns whose values are the "
            "groups, as in attributes: [sex, race, sex*race]",
            config->name);
    check_columns(config, list);
    check_roles(config, data, list);
    check_exclusions(config, list);
    check_reasons(config, list);
    check_bins(config, list);
    check_references(config, arena, list);
    check_floors(config, data, arena, list);
    for (size_t i = 0; i < config->checks.count; i++) {
        mlg_check_once(config, i, list);
        check_one(config, data, &config->checks.items[i], arena, list);
    }
}

/* Why nobody is judged by the attribute: no limit is on it. NULL: one is. */
static const char *idle_attribute(const struct mlg_gate_config *config, const struct mlg_slicing *attribute,
                                  struct mlg_arena *arena)
{
    for (size_t i = 0; i < config->checks.count; i++) {
        const struct mlg_check *check = &config->checks.items[i].check;
        struct mlg_call call;
        const char *name;
        if (check->comparator != MLG_NO_COMPARATOR &&
            mlg_disparity_resolve(check, arena, &call, &name, NULL) == MLG_OK &&
            !mlg_disparity_is_of_all_rows(&call) && is_about(&call, attribute, arena))
            return NULL;
    }
    return mlg_arena_format(arena, "no check of '%s' has a limit on the attribute '%s'", config->name,
                            attribute->written);
}

static void fairness_review(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                            struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const struct mlg_slicings *attributes = &((const struct fairness_options *)config->options)->attributes;
    (void)suite;
    for (size_t a = 0; a < attributes->count; a++) {
        const struct mlg_slicing *attribute = &attributes->items[a];
        const char *idle = idle_attribute(config, attribute, arena);
        if (idle)
            mlg_node_diagnose(list, MLG_WARNING, attribute->node ? attribute->node : config->node, "%s",
                              idle);
    }
    for (size_t i = 0; i < config->checks.count; i++) {
        const struct mlg_check_config *item = &config->checks.items[i];
        struct mlg_call call;
        const char *name;
        double minimum, maximum;
        if (mlg_disparity_resolve(&item->check, arena, &call, &name, NULL) != MLG_OK)
            continue;
        range_of(config->options, &call, arena, &minimum, &maximum);
        bool bare = call.metric->method == MLG_METHOD_NONE;
        for (size_t p = 0; p < call.part_count; p++)
            bare = bare || call.parts[p].metric->method == MLG_METHOD_NONE;
        mlg_review_check(item, minimum, maximum, bare ? name : NULL, list);
    }
}

/* Has the better end of every part that direction? */
static bool all_parts(const struct mlg_call *call, enum mlg_direction direction)
{
    for (size_t p = 0; p < call->part_count; p++)
        if (call->parts[p].metric->direction != direction)
            return false;
    return call->part_count > 0;
}

/* Against a reference a signed difference is of one end of the groups alone, and a ratio of the lowest one.
 * That is as it should be where this is the worse end; of a difference another check may have the other end.
 */
static const char *looks_one_way(const struct mlg_gate_config *config, const struct mlg_check_config *item,
                                 const struct mlg_call *call, struct mlg_arena *arena)
{
    const char *reference = call->arguments.reference;
    const bool at_least = mlg_wants_more(item->check.comparator);
    const bool is_signed = strcmp(call->metric->name, "RATE_signed_difference") == 0;
    const bool is_ratio = mlg_disparity_direction(call) == MLG_HIGHER_IS_BETTER;
    const bool from_below = is_ratio || at_least;
    if (!reference || item->check.comparator == MLG_NO_COMPARATOR || !(is_signed || is_ratio))
        return NULL;
    if (is_ratio && !all_parts(call, MLG_LOWER_IS_BETTER))
        return NULL;
    double minimum, maximum;
    mlg_disparity_range(call, &minimum, &maximum);
    if (is_signed && (all_parts(call, at_least ? MLG_HIGHER_IS_BETTER : MLG_LOWER_IS_BETTER) ||
                      mlg_has_opposite(config, item, minimum, maximum)))
        return NULL;
    return mlg_arena_format(arena, "looks one way only: a group far %s '%s' meets it; %s",
                            from_below ? "above" : "below", reference,
                            is_signed ? "the difference without 'signed' looks both ways"
                                      : "without 'reference' every pair is compared");
}

/* The lowest group of what is better low is the best one, and so is the highest of what is better high. */
static const char *judges_the_best(const struct mlg_check_config *item, const struct mlg_call *call,
                                   struct mlg_arena *arena)
{
    const bool of_lowest = strcmp(call->metric->name, "RATE_group_min") == 0;
    const bool of_highest = strcmp(call->metric->name, "RATE_group_max") == 0;
    if (item->check.comparator == MLG_NO_COMPARATOR ||
        !((of_lowest && all_parts(call, MLG_LOWER_IS_BETTER)) ||
          (of_highest && all_parts(call, MLG_HIGHER_IS_BETTER))))
        return NULL;
    return mlg_arena_format(arena, "judges the best group, which passes for all; did you mean '%s_group_%s'?",
                            call->arguments.metric, of_lowest ? "max" : "min");
}

static const char *fairness_doubt(const struct mlg_gate_config *config, const struct mlg_check_config *item,
                                  struct mlg_arena *arena)
{
    struct mlg_call call;
    const char *name;
    double minimum, maximum;
    if (mlg_disparity_resolve(&item->check, arena, &call, &name, NULL) != MLG_OK)
        return NULL;
    mlg_disparity_range(&call, &minimum, &maximum);
    const char *doubt =
        mlg_doubt_direction(config, item, mlg_disparity_direction(&call), minimum, maximum, arena);
    doubt = doubt ? doubt : judges_the_best(item, &call, arena);
    return doubt ? doubt : looks_one_way(config, item, &call, arena);
}

/* "attribute=sex", of a check that runs on each attribute. */
static bool fairness_id_part(const struct mlg_gate_config *config, const char *part, size_t size)
{
    static const char word[] = "attribute=";
    const struct fairness_options *options = config->options;
    const size_t length = sizeof word - 1;
    for (size_t i = 0; size > length && i < options->attributes.count; i++) {
        const char *written = options->attributes.items[i].written;
        if (strncmp(part, word, length) == 0 && strlen(written) == size - length &&
            strncmp(part + length, written, size - length) == 0)
            return true;
    }
    return false;
}

/* ---- plan ---------------------------------------------------------------------------------------- */

struct planned_check {
    struct mlg_call call;
    const char *name; /* canonical */
    struct mlg_error error;
};

/* Slices of the scan whose columns are those of a slice entry, of an attribute, and a stratum's. */
struct crossing {
    const struct mlg_slicing *within, *attribute; /* within NULL: all rows */
    const char *strata;                           /* NULL: none */
    size_t index;                                 /* in the plan and the scan */
};

struct fairness_state {
    struct planned_check *checks;
    struct crossing *crossings;
    size_t crossing_count, crossing_capacity;
    size_t *within; /* in the plan: all rows, then each entry of `slices` */
    size_t within_count;
};

static bool append_columns(struct mlg_slicing *into, const char *const *columns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (into->column_count == MLG_CROSS_COLUMNS)
            return false;
        into->columns[into->column_count++] = columns[i];
    }
    return true;
}

/* Adds the crossing and what it needs to the plan; the same one is planned once. */
static int plan_crossing(struct mlg_gate_run *run, struct mlg_plan *plan, struct fairness_state *state,
                         const struct mlg_slicing *within, const struct mlg_slicing *attribute,
                         const char *strata, struct mlg_error *error)
{
    struct mlg_slicing *slicing = MLG_NEW(run->arena, struct mlg_slicing);
    struct crossing *grown = mlg_arena_grow(run->arena, state->crossings, &state->crossing_capacity,
                                            state->crossing_count + 1, sizeof *grown);
    if (!slicing || !grown)
        return mlg_error_set(error, MLG_LIMIT, "no memory to plan the groups");
    state->crossings = grown;
    slicing->node = attribute->node;
    slicing->of = "attribute";
    if ((within && !append_columns(slicing, within->columns, within->column_count)) ||
        !append_columns(slicing, attribute->columns, attribute->column_count) ||
        (strata && !append_columns(slicing, &strata, 1)))
        return mlg_error_set(error, MLG_CONFIG,
                             "'%s' with its slices and strata crosses more than %d columns",
                             attribute->written, (int)MLG_CROSS_COLUMNS);
    slicing->written =
        within || strata
            ? mlg_arena_format(run->arena, "%s%s%s%s%s", within ? within->written : "", within ? "*" : "",
                               attribute->written, strata ? "*" : "", strata ? strata : "")
            : attribute->written;
    for (size_t c = 0; c < slicing->column_count; c++)
        slicing->bins[c] = bins_of(run->config->options, slicing->columns[c]);
    int index = mlg_plan_slicing(plan, slicing, error);
    if (index < 0)
        return (int)error->code;
    grown[state->crossing_count++] = (struct crossing){within, attribute, strata, (size_t)index};
    return MLG_OK;
}

static const struct crossing *find_crossing(const struct fairness_state *state,
                                            const struct mlg_slicing *within,
                                            const struct mlg_slicing *attribute, const char *strata)
{
    for (size_t i = 0; i < state->crossing_count; i++) {
        const struct crossing *crossing = &state->crossings[i];
        if (crossing->within == within && crossing->attribute == attribute &&
            (strata ? crossing->strata && strcmp(crossing->strata, strata) == 0 : !crossing->strata))
            return crossing;
    }
    return NULL;
}

/* All rows, and each entry of `slices`. */
static const struct mlg_slicing *within_of(const struct mlg_gate_config *config, size_t entry)
{
    return entry == 0 ? NULL : &config->slices.items[entry - 1];
}

static int plan_groups(struct mlg_gate_run *run, struct mlg_plan *plan, struct fairness_state *state,
                       struct mlg_error *error)
{
    const struct mlg_gate_config *config = run->config;
    const struct fairness_options *options = config->options;
    state->within = MLG_NEW_ARRAY(run->arena, size_t, config->slices.count + 1);
    if (!state->within)
        return mlg_error_set(error, MLG_LIMIT, "no memory to plan the slices");
    state->within_count = 1;
    for (size_t s = 0; s < config->slices.count; s++) {
        int index = mlg_plan_slicing(plan, &config->slices.items[s], error);
        if (index < 0)
            return (int)error->code;
        state->within[state->within_count++] = (size_t)index;
    }
    for (size_t s = 0; s < state->within_count; s++)
        for (size_t a = 0; a < options->attributes.count; a++) {
            const struct mlg_slicing *within = within_of(config, s),
                                     *attribute = &options->attributes.items[a];
            int code = plan_crossing(run, plan, state, within, attribute, NULL, error);
            for (size_t c = 0; code == MLG_OK && c < config->checks.count; c++) {
                const struct planned_check *planned = &state->checks[c];
                const char *strata = planned->call.arguments.strata;
                if (planned->error.code == MLG_OK && strata &&
                    is_about(&planned->call, attribute, run->arena) &&
                    !find_crossing(state, within, attribute, strata))
                    code = plan_crossing(run, plan, state, within, attribute, strata, error);
            }
            if (code != MLG_OK)
                return code;
        }
    return MLG_OK;
}

/* Does some check take labels or predictions for classes? */
static bool has_classes(const struct fairness_state *state, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (state->checks[i].error.code == MLG_OK &&
            mlg_disparity_reads(&state->checks[i].call) & (MLG_READS_LABEL | MLG_READS_PREDICTION))
            return true;
    return false;
}

static int fairness_plan(struct mlg_gate_run *run, struct mlg_error *error)
{
    const struct mlg_gate_config *config = run->config;
    const struct fairness_options *options = config->options;
    struct mlg_source *source = mlg_run_source(run, config->data);
    struct fairness_state *state = MLG_NEW(run->arena, struct fairness_state);
    struct mlg_error ignored;
    if (!source)
        return mlg_error_set(error, MLG_CONFIG, "the gate '%s' has no data", config->name);
    if (state)
        state->checks = MLG_NEW_ARRAY(run->arena, struct planned_check, config->checks.count + 1);
    if (!state || !state->checks)
        return mlg_error_set(error, MLG_LIMIT, "no memory to plan the gate '%s'", config->name);
    run->state = state;
    run->has_own_positive = options->favourable.count > 0;
    mlg_plan_limit_slices(source->plan, 2 * (size_t)MLG_GROUPS);
    for (size_t i = 0; i < config->checks.count; i++) {
        struct planned_check *planned = &state->checks[i];
        if (mlg_disparity_resolve(&config->checks.items[i].check, run->arena, &planned->call, &planned->name,
                                  &planned->error) == MLG_OK)
            mlg_disparity_plan(&planned->call, source->plan, &planned->error);
    }
    /* Labels are counted by group where they are classes: for the table of groups, and for floors. Labels
     * that are read as numbers alone are no classes, and would make far too many. */
    const bool floors = options->min_group_positives > 0 || options->min_group_negatives > 0;
    const bool labelled = (floors || has_classes(state, config->checks.count)) &&
                          mlg_plan_reads(source->plan, MLG_READS_LABEL | MLG_READS_POSITIVE,
                                         floors ? error : &ignored) == MLG_OK;
    if (labelled)
        mlg_plan_tally(source->plan, &ignored);
    else if (floors)
        return (int)error->code;
    return plan_groups(run, source->plan, state, error);
}

/* ---- groups -------------------------------------------------------------------------------------- */

/* A group as it was found, whether it counts or not. */
struct found_group {
    const struct mlg_slice *slice;
    size_t index;                               /* of the slice */
    const char *const *columns, *const *values; /* of the attribute alone */
    const char *name;
    uint64_t rows, positives, negatives; /* of the class that the check is about */
    const char *left_out;                /* why it does not count: excluded, or too small; NULL: it counts */
    const char *lost;                    /* why too many of its rows were dropped; NULL: they were not */
    bool is_small;                       /* under a floor: a pass is impossible */
    double times;       /* is_small: so many times its rows, and it is not; 0: no number of them is enough */
    bool is_absent;     /* declared, and no row has it */
    bool is_undeclared; /* others are declared, and this one is neither that nor left out by name */
    size_t place;       /* among those that count */
};

struct found {
    struct found_group *items;
    size_t count, counting;
    uint64_t rows;
    bool has_labels;
};

/* Everything one check looks at: one attribute, within all rows or within one slice of an entry. */
struct task {
    const struct mlg_gate_run *run;
    const struct fairness_state *state;
    const struct mlg_scan *scan;
    size_t check;
    struct mlg_call call;                         /* of the check, on this attribute */
    const struct mlg_slicing *within, *attribute; /* attribute NULL: all rows matter, not the groups */
    size_t within_slicing, within_slice;
    const struct mlg_slice *slice; /* the same; or one that `on` names and no row is in */
    const char *absent;            /* why no row is in it, else NULL */
    const char *lost;              /* why too many of its rows were dropped, else NULL */
    struct found found;
    struct mlg_arena *scratch;
};

static bool lies_within(const struct task *task, const struct mlg_slice *slice)
{
    const size_t columns = task->within ? task->within->column_count : 0;
    const struct mlg_slice *whole = &task->scan->slicings[task->within_slicing].items[task->within_slice];
    for (size_t c = 0; c < columns; c++)
        if (!mlg_text_equal(slice->values[c], whole->values[c]))
            return false;
    return true;
}

static bool same_values(const char *const *a, const char *const *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!mlg_text_equal(a[i], b[i]))
            return false;
    return true;
}

static bool is_listed(const struct mlg_slicing *attribute, const char *const *values)
{
    const size_t columns = attribute->column_count;
    for (size_t i = 0; i < attribute->declared_count; i++)
        if (same_values(attribute->declared + i * columns, values, columns))
            return true;
    return attribute->declared_count == 0;
}

/* The attribute that is this column by itself, with declared groups; NULL: there is none. */
static const struct mlg_slicing *declared_column(const struct fairness_options *options, const char *column)
{
    for (size_t i = 0; i < options->attributes.count; i++) {
        const struct mlg_slicing *attribute = &options->attributes.items[i];
        if (attribute->column_count == 1 && attribute->declared_count &&
            strcmp(attribute->columns[0], column) == 0)
            return attribute;
    }
    return NULL;
}

/* Of a cross by its own list, else by those of its columns. */
static bool is_declared(const struct fairness_options *options, const struct mlg_slicing *attribute,
                        const char *const *values)
{
    for (size_t c = 0; c < attribute->column_count && !attribute->declared_count; c++) {
        const struct mlg_slicing *column = declared_column(options, attribute->columns[c]);
        if (column && !is_listed(column, &values[c]))
            return false;
    }
    return is_listed(attribute, values);
}

/* Rows labelled with the class that the check is about; where it takes each in turn the fewest, or the most.
 */
static uint64_t count_labelled(const struct task *task, size_t slicing, size_t slice, bool most)
{
    const struct mlg_classes *classes = &task->scan->classes;
    const struct mlg_tally *tally = mlg_scan_tally(task->scan, slicing, slice);
    const char *name;
    const bool each = mlg_disparity_class(&task->call, task->scan, &name);
    const int64_t one = name ? mlg_class_find(classes, name) : -1;
    uint64_t found = 0;
    bool is_first = true;
    for (size_t c = 0; tally && tally->count && c < tally->classes; c++) {
        uint64_t count = 0;
        if (!each && (int64_t)c != one)
            continue;
        for (size_t p = 0; p < tally->classes; p++)
            count += tally->count[c * tally->classes + p];
        if (is_first || (most ? count > found : count < found))
            found = count;
        is_first = false;
    }
    return found;
}

/* Has the group all values that the exclusion names? */
static bool meets(const struct mlg_exclusion *exclusion, const struct found_group *group, size_t columns)
{
    size_t met = 0;
    for (size_t k = 0; k < exclusion->group.count; k++)
        for (size_t c = 0; c < columns; c++)
            met += strcmp(group->columns[c], exclusion->group.keys[k]) == 0 && group->values[c] &&
                   strcmp(group->values[c], exclusion->group.values[k]) == 0;
    return met == exclusion->group.count;
}

static const char *exclusion_of(const struct fairness_options *options, const struct found_group *group,
                                size_t columns)
{
    for (size_t e = 0; e < options->exclude.count; e++)
        if (meets(&options->exclude.items[e], group, columns))
            return options->exclude.items[e].reason;
    return NULL;
}

static bool has_missing(const struct found_group *group, size_t columns)
{
    for (size_t c = 0; c < columns; c++)
        if (!group->values[c])
            return true;
    return false;
}

static void judge_group(const struct task *task, struct found_group *group)
{
    const struct fairness_options *options = task->run->config->options;
    struct mlg_arena *arena = task->run->arena;
    const char *reason = exclusion_of(options, group, task->attribute->column_count);
    const struct {
        int64_t least;
        uint64_t rows;
        const char *one, *what;
    } floors[] = {{options->min_group_rows, group->rows, "row", "rows"},
                  {options->min_group_positives, group->positives, "positive", "positives"},
                  {options->min_group_negatives, group->negatives, "negative", "negatives"}};
    if (group->is_absent)
        return;
    if (options->exclude_missing && has_missing(group, task->attribute->column_count)) {
        group->left_out = mlg_arena_format(arena, "left out, the attribute is missing: %s",
                                           options->exclude_missing_reason);
        return;
    }
    if (reason) {
        group->left_out = mlg_arena_format(arena, "left out: %s", reason);
        return;
    }
    if (!is_declared(options, task->attribute, group->values)) {
        group->is_undeclared = true;
        group->left_out = "'attributes' does not declare it";
        return;
    }
    const char *lost = mlg_lost_slice(task->scan, group->slice, group->name, arena);
    const uint64_t dropped = lost ? group->slice->dropped : 0; /* a group is not small for what it lost */
    if ((double)(group->rows + dropped) < options->exclude_under * (double)task->found.rows) {
        group->left_out = mlg_arena_format(arena, "left out, under %g %% of the rows: %s",
                                           100 * options->exclude_under, options->exclude_under_reason);
        return;
    }
    group->lost = lost;
    if (lost && group->rows == 0)
        group->left_out = lost;
    if (lost)
        return;
    for (size_t i = 0; i < sizeof floors / sizeof *floors; i++)
        if (floors[i].least > 0 && floors[i].rows < (uint64_t)floors[i].least) {
            group->is_small = true;
            group->times = floors[i].rows ? (double)floors[i].least / (double)floors[i].rows : 0;
            group->left_out =
                mlg_arena_format(arena, "%s %s, under min_group_%s %s", mlg_count_text(floors[i].rows, arena),
                                 mlg_plural(floors[i].rows, floors[i].one, floors[i].what), floors[i].what,
                                 mlg_count_text((uint64_t)floors[i].least, arena));
            return;
        }
}

/* `absent`: the values of one that is declared and that no row has. */
static bool add_group(struct task *task, const struct crossing *crossing, size_t index,
                      const char *const *absent)
{
    const size_t skipped = crossing->within ? crossing->within->column_count : 0;
    const size_t columns = task->attribute->column_count;
    struct found_group *group = &task->found.items[task->found.count++];
    const struct mlg_slices *slices = &task->scan->slicings[crossing->index];
    if (absent) {
        *group =
            (struct found_group){.columns = task->attribute->columns, .values = absent, .is_absent = true};
    } else {
        const struct mlg_slice *slice = &slices->items[index];
        *group = (struct found_group){.slice = slice,
                                      .index = index,
                                      .columns = task->attribute->columns,
                                      .values = slice->values + skipped,
                                      .rows = slice->rows,
                                      .positives = count_labelled(task, crossing->index, index, false),
                                      .negatives =
                                          slice->rows - count_labelled(task, crossing->index, index, true)};
    }
    group->name = mlg_slice_text(group->columns, group->values, columns, false, task->run->arena);
    return group->name != NULL;
}

static bool find_groups(struct task *task)
{
    const struct crossing *crossing = find_crossing(task->state, task->within, task->attribute, NULL);
    const struct mlg_slices *slices = &task->scan->slicings[crossing->index];
    struct found *found = &task->found;
    const struct mlg_tally *tally = mlg_scan_tally(task->scan, task->within_slicing, task->within_slice);
    found->items = MLG_NEW_ARRAY(task->run->arena, struct found_group,
                                 slices->count + task->attribute->declared_count + 1);
    const char *class_name;
    mlg_disparity_class(&task->call, task->scan, &class_name);
    found->has_labels = tally && tally->count && task->scan->data->label && class_name;
    found->rows = task->scan->slicings[task->within_slicing].items[task->within_slice].rows;
    if (!found->items)
        return false;
    for (size_t i = 0; i < slices->count; i++) {
        if (!lies_within(task, &slices->items[i]))
            continue;
        if (!add_group(task, crossing, i, NULL))
            return false;
    }
    for (size_t d = 0; d < task->attribute->declared_count; d++) {
        const size_t columns = task->attribute->column_count;
        const char *const *values = task->attribute->declared + d * columns;
        bool met = false;
        for (size_t g = 0; g < found->count; g++)
            met = met || same_values(found->items[g].values, values, columns);
        if (!met && !add_group(task, crossing, 0, values))
            return false;
    }
    for (size_t g = 0; g < found->count; g++) {
        judge_group(task, &found->items[g]);
        if (!found->items[g].left_out && !found->items[g].is_absent)
            found->items[g].place = found->counting++;
    }
    return true;
}

/* ---- what the check compares ----------------------------------------------------------------------- */

/* "Male", or of a cross its values joined: "Male*White". */
static const char *join_values(const struct found_group *group, size_t columns, struct mlg_arena *arena)
{
    const char *joined = "";
    for (size_t c = 0; joined && c < columns; c++)
        joined = mlg_arena_format(arena, "%s%s%s", joined, c ? "*" : "",
                                  group->values[c] ? group->values[c] : "(missing)");
    return joined;
}

/* As reports have it: "sex=Male, race=White", its columns in any order. */
static bool has_name(const struct found_group *group, size_t columns, const struct mlg_on *name)
{
    size_t met = 0;
    for (size_t k = 0; name->has_values && k < name->column_count; k++)
        for (size_t c = 0; c < columns; c++)
            met += strcmp(group->columns[c], name->columns[k]) == 0 &&
                   mlg_text_equal(group->values[c], name->values[k]);
    return name->column_count == columns && met == columns;
}

/* The group that is named by its values or as reports have it; where no group has the values, by its name.
 * `*found` is NULL where none is. */
static int find_named(const struct task *task, const char *name, const struct found_group **named,
                      struct mlg_error *error)
{
    const struct found *found = &task->found;
    const size_t columns = task->attribute->column_count;
    struct mlg_on on;
    *named = NULL;
    for (size_t g = 0; g < found->count; g++) {
        const struct found_group *group = &found->items[g];
        const char *joined = join_values(group, columns, task->scratch);
        if (group->is_absent || !joined || strcmp(joined, name) != 0)
            continue;
        if (*named)
            return mlg_error_set(error, MLG_DATA,
                                 "the reference '%s' may be %s or %s; write it like one of these", name,
                                 (*named)->name, group->name);
        *named = group;
    }
    if (*named || !mlg_on_parse(name, &on, task->scratch))
        return MLG_OK;
    for (size_t g = 0; g < found->count && !*named; g++)
        if (!found->items[g].is_absent && has_name(&found->items[g], columns, &on))
            *named = &found->items[g];
    return MLG_OK;
}

/* "; groups are 'a', 'b' and 3 more", each as it may be written. */
static const char *list_groups(const struct task *task, const char **names)
{
    enum { SHOWN = 8 };
    const struct found *found = &task->found;
    const char *list = NULL;
    for (size_t g = 0; g < found->count && g < SHOWN; g++) {
        list = mlg_arena_format(task->scratch, "%s%s'%s'", list ? list : "",
                                !list                                            ? "; groups are "
                                : g + 1 == found->count && found->count <= SHOWN ? " and "
                                                                                 : ", ",
                                names[g]);
        if (!list)
            return "";
    }
    if (list && found->count > SHOWN)
        list = mlg_arena_format(task->scratch, "%s and %zu more", list, found->count - SHOWN);
    return list ? list : "";
}

static int find_reference(const struct task *task, struct mlg_groups *groups, struct mlg_error *error)
{
    const struct found *found = &task->found;
    const char *name = task->call.arguments.reference;
    const struct found_group *named;
    groups->reference = -1;
    if (!name)
        return MLG_OK;
    int code = find_named(task, name, &named, error);
    if (code != MLG_OK)
        return code;
    if (named && named->left_out)
        return mlg_error_set(error, MLG_DATA, "the reference group %s does not count: %s", named->name,
                             named->left_out);
    if (named) {
        groups->reference = (int64_t)named->place;
        return MLG_OK;
    }
    const size_t columns = task->attribute->column_count;
    const char **joined = MLG_NEW_ARRAY(task->scratch, const char *, found->count + 1);
    const char **names = MLG_NEW_ARRAY(task->scratch, const char *, found->count + 1);
    bool memory = joined && names;
    for (size_t g = 0; memory && g < found->count; g++) {
        joined[g] = join_values(&found->items[g], columns, task->scratch);
        names[g] = columns > 1 ? found->items[g].name : joined[g];
        memory = joined[g] != NULL;
    }
    if (!memory)
        return mlg_error_set(error, MLG_LIMIT, "no memory for the names of groups");
    const char *near = mlg_nearest(name, joined, found->count);
    near = near ? near : mlg_nearest(name, names, found->count);
    return mlg_error_set(error, MLG_DATA, "no group of %s is the reference '%s'%s%s%s%s",
                         task->attribute->written, name, near ? "; did you mean '" : "", near ? near : "",
                         near ? "'?" : "", near ? "" : list_groups(task, names));
}

/* Group x stratum, for quantities within strata. */
static int find_cells(const struct task *task, const char *strata, struct mlg_groups *groups,
                      struct mlg_error *error)
{
    const struct crossing *crossing = find_crossing(task->state, task->within, task->attribute, strata);
    const struct mlg_slices *slices = &task->scan->slicings[crossing->index];
    const size_t skipped = task->within ? task->within->column_count : 0,
                 columns = task->attribute->column_count;
    const char **names = MLG_NEW_ARRAY(task->scratch, const char *, slices->count + 1);
    struct mlg_cell *cells = MLG_NEW_ARRAY(task->scratch, struct mlg_cell, slices->count + 1);
    if (!names || !cells)
        return mlg_error_set(error, MLG_LIMIT, "no memory for strata");
    for (size_t i = 0; i < slices->count; i++) {
        const struct mlg_slice *slice = &slices->items[i];
        size_t g = 0, s = 0;
        if (slice->rows == 0 || !lies_within(task, slice))
            continue;
        for (; g < task->found.count; g++) {
            const struct found_group *group = &task->found.items[g];
            size_t same = 0;
            for (size_t c = 0; c < columns; c++)
                same += mlg_text_equal(group->values[c], slice->values[skipped + c]);
            if (!group->left_out && !group->is_absent && same == columns)
                break;
        }
        if (g == task->found.count)
            continue;
        const char *stratum = slice->values[skipped + columns];
        while (s < groups->strata_count && !mlg_text_equal(names[s], stratum))
            s++;
        if (s == groups->strata_count)
            names[groups->strata_count++] = stratum;
        cells[groups->cell_count++] = (struct mlg_cell){task->found.items[g].place, s, crossing->index, i};
    }
    groups->cells = cells;
    return MLG_OK;
}

static int gather(const struct task *task, struct mlg_groups *groups, struct mlg_error *error)
{
    const struct mlg_check_config *item = &task->run->config->checks.items[task->check];
    const struct mlg_call *call = &task->call;
    struct mlg_group *items = MLG_NEW_ARRAY(task->scratch, struct mlg_group, task->found.counting + 1);
    *groups = (struct mlg_groups){.items = items,
                                  .slicing = task->within_slicing,
                                  .slice = task->within_slice,
                                  .reference = -1,
                                  .method = mlg_settings_method(&item->settings),
                                  .comparator = item->check.comparator,
                                  .limit = item->check.limit.value};
    if (!items)
        return mlg_error_set(error, MLG_LIMIT, "no memory for groups");
    if (!task->attribute)
        return MLG_OK;
    const struct crossing *crossing = find_crossing(task->state, task->within, task->attribute, NULL);
    for (size_t g = 0; g < task->found.count; g++) {
        const struct found_group *group = &task->found.items[g];
        if (!group->left_out && !group->is_absent)
            items[groups->count++] = (struct mlg_group){crossing->index, group->index, group->name};
    }
    int code = find_reference(task, groups, error);
    if (code == MLG_OK && call->arguments.strata)
        code = find_cells(task, call->arguments.strata, groups, error);
    return code;
}

/* ---- what a reader is told ------------------------------------------------------------------------- */

/* Which rows a rate is of: those with this label, or with this prediction. */
static const struct condition {
    const char *metric;
    bool by_label, positive;
    const char *one, *what;
} conditions[] = {{"recall", true, true, "positive", "positives"},
                  {"fnr", true, true, "positive", "positives"},
                  {"fpr", true, false, "negative", "negatives"},
                  {"specificity", true, false, "negative", "negatives"},
                  {"precision", false, true, "predicted positive", "predicted positive"},
                  {"fdr", false, true, "predicted positive", "predicted positive"},
                  {"npv", false, false, "predicted negative", "predicted negative"},
                  {"for", false, false, "predicted negative", "predicted negative"}};

/* How many rows of the slice the condition names. */
static uint64_t count_rows_of(const struct mlg_scan *scan, const struct condition *condition, size_t slicing,
                              size_t slice)
{
    const struct mlg_tally *tally = mlg_scan_tally(scan, slicing, slice);
    uint64_t count = 0;
    if (!tally || !tally->count || scan->classes.positive < 0)
        return 0;
    for (size_t y = 0; y < tally->classes; y++)
        for (size_t p = 0; p < tally->classes; p++)
            if (((condition->by_label ? y : p) == (size_t)scan->classes.positive) == condition->positive)
                count += tally->count[y * tally->classes + p];
    return count;
}

static uint64_t round_up(double rows)
{
    double unit = 1;
    while (rows / unit > 99)
        unit *= 10;
    return (uint64_t)(ceil(rows / unit) * unit);
}

struct told {
    const struct task *task;
    const struct mlg_groups *groups;
    const struct mlg_outcome *outcome;
    const struct mlg_evidence *evidence;
    struct mlg_check_result *result;
    struct mlg_arena *arena;
    size_t part;        /* the quantity that decides: of equalized odds, tpr or fpr */
    bool asks_for_rows; /* min_rows or a floor decides, which is not of the two groups */
};

static void note(const struct told *told, const char *text)
{
    mlg_check_note(told->result, text, told->arena);
}

/* "750 negatives": what a weighted or clustered rate rests on, and else "1,222 rows". */
static const char *rows_beneath(const struct told *told, size_t part, size_t group)
{
    const struct mlg_groups *groups = told->groups;
    const struct mlg_evidence *evidence = &told->outcome->parts[part][group];
    const struct mlg_call *call = told->outcome->calls ? &told->outcome->calls[part] : NULL;
    const bool is_all = group >= groups->count;
    /* With more classes it may be an average over them, which rests on all rows. */
    const bool is_binary = told->task->scan->classes.count <= 2;
    for (size_t i = 0;
         call && is_binary && !call->arguments.class_name && i < sizeof conditions / sizeof *conditions; i++)
        if (strcmp(call->metric->name, conditions[i].metric) == 0) {
            const uint64_t rows = count_rows_of(told->task->scan, &conditions[i],
                                                is_all ? groups->slicing : groups->items[group].slicing,
                                                is_all ? groups->slice : groups->items[group].slice);
            return rows ? mlg_arena_format(told->arena, "%s %s", mlg_count_text(rows, told->arena),
                                           mlg_plural(rows, conditions[i].one, conditions[i].what))
                        : "";
        }
    return mlg_arena_format(told->arena, "%s %s", mlg_count_text(evidence->n, told->arena),
                            evidence->of_queries ? mlg_plural(evidence->n, "query", "queries")
                                                 : mlg_plural(evidence->n, "row", "rows"));
}

/* "sex=Female 0.412 (82 of 199)" */
static const char *describe(const struct told *told, size_t part, size_t group)
{
    const struct mlg_evidence *evidence = &told->outcome->parts[part][group];
    const char *name = group < told->groups->count ? told->groups->items[group].name : "all rows";
    if (evidence->kind == MLG_PROPORTION)
        return mlg_arena_format(told->arena, "%s %.3f (%s of %s)", name, evidence->value,
                                mlg_count_text(evidence->numerator, told->arena),
                                mlg_count_text(evidence->denominator, told->arena));
    return mlg_arena_format(told->arena, "%s %.3f (%s)", name, evidence->value,
                            rows_beneath(told, part, group));
}

static const char *side(const struct told *told, size_t part, size_t group)
{
    const struct mlg_groups *groups = told->groups;
    if (part >= told->outcome->part_count)
        return group < groups->count ? groups->items[group].name : "all rows";
    return describe(told, part, group);
}

/* "tpr of sex=Female 0.41 (82 of 199) against sex=Male 0.62 (310 of 500)" */
static const char *part_sentence(const struct told *told, const struct mlg_deciding *deciding)
{
    const size_t parts = told->outcome->part_count;
    /* Told by name unless it is what the check is about. */
    const char *rate =
        parts > 1 || (parts && told->outcome->has_pair) ? told->outcome->part_names[deciding->part] : NULL;
    const char *a = side(told, deciding->part, deciding->a);
    if (deciding->a == deciding->b)
        return rate ? mlg_arena_format(told->arena, "%s of %s", rate, a) : a;
    const char *b = side(told, deciding->part, deciding->b);
    return a && b ? mlg_arena_format(told->arena, "%s%s%s against %s", rate ? rate : "", rate ? " of " : "",
                                     a, b)
                  : NULL;
}

/* Of a mean over parts, the two groups of each. */
static const char *pair_sentence(const struct told *told, const struct mlg_deciding *deciding)
{
    const char *list = NULL;
    struct mlg_deciding of;
    if (!deciding->of_mean)
        return part_sentence(told, deciding);
    for (size_t p = 0; p < told->outcome->part_count; p++) {
        const char *one =
            mlg_disparity_deciding_part(told->evidence, p, &of) ? part_sentence(told, &of) : NULL;
        if (one)
            list = mlg_arena_format(told->arena, "%s%s%s", list ? list : "", list ? ", " : "", one);
    }
    return list;
}

/* How many rows of either group, where the check says how many in all. */
static const char *rows_sentence(const struct told *told, const struct mlg_deciding *deciding)
{
    const struct mlg_groups *groups = told->groups;
    const struct mlg_scan *scan = told->task->scan;
    if (!told->result->rows_needed.known || told->evidence->n == 0 || told->asks_for_rows ||
        deciding->a == deciding->b || deciding->b >= groups->count)
        return NULL;
    const double times = told->result->rows_needed.value / (double)told->evidence->n;
    const struct mlg_group *a = &groups->items[deciding->a], *b = &groups->items[deciding->b];
    return mlg_arena_format(
        told->arena, "among them about %s of %s and %s of %s",
        mlg_count_text(round_up(times * (double)scan->slicings[a->slicing].items[a->slice].rows),
                       told->arena),
        a->name,
        mlg_count_text(round_up(times * (double)scan->slicings[b->slicing].items[b->slice].rows),
                       told->arena),
        b->name);
}

/* How many clusters have rows, and how many in several groups. False: that is not known. */
static bool count_shared_clusters(const struct told *told, size_t *all, size_t *shared)
{
    enum { NOT_SEEN, SHARED, FIRST_GROUP };
    const struct mlg_scan *scan = told->task->scan;
    size_t *seen_in = MLG_NEW_ARRAY(told->task->scratch, size_t, scan->cluster_count + 1);
    *all = *shared = 0;
    if (!scan->kept.cluster || !seen_in)
        return false;
    for (size_t g = 0; g < told->groups->count; g++) {
        const struct mlg_group *group = &told->groups->items[g];
        size_t count;
        const uint32_t *rows = mlg_scan_rows(scan, group->slicing, group->slice, &count);
        for (size_t i = 0; i < count; i++) {
            size_t *seen = &seen_in[scan->kept.cluster[rows ? rows[i] : i]];
            *all += *seen == NOT_SEEN;
            *shared += *seen >= FIRST_GROUP && *seen != FIRST_GROUP + g;
            *seen = *seen == NOT_SEEN ? FIRST_GROUP + g : *seen == FIRST_GROUP + g ? *seen : SHARED;
        }
    }
    return true;
}

/* Groups that share clusters are not independent; their bounds are combined so that it does not matter. */
static void tell_shared_clusters(const struct told *told)
{
    size_t all, shared;
    if (!told->task->scan->clustered || !count_shared_clusters(told, &all, &shared) || shared == 0)
        return;
    note(told,
         mlg_arena_format(told->arena,
                          "%s of %s %s rows in several groups, whose bounds are combined as if their errors "
                          "were opposed: no dependence makes them wider",
                          mlg_count_text(shared, told->arena), mlg_count_text(all, told->arena),
                          mlg_plural(all, "cluster has", "clusters have")));
}

/* " 0.301 [0.223, 0.400]; the value is of tpr of a against b" where the pair that is told of is not the one
 * that the value is of; else nothing. */
static const char *other_pair(const struct told *told, const struct mlg_deciding *deciding)
{
    struct mlg_deciding of;
    if (deciding->of_mean || !mlg_disparity_deciding(told->evidence, 0, MLG_TELL_VALUE, &of) ||
        (of.part == deciding->part &&
         ((of.a == deciding->a && of.b == deciding->b) || (of.a == deciding->b && of.b == deciding->a))))
        return "";
    const char *pair = part_sentence(told, &of);
    const struct mlg_limits *limits = &deciding->limits;
    if (!pair)
        return "";
    const char *own = deciding->a == deciding->b
                          ? mlg_arena_format(told->arena, " [%.3f, %.3f]", limits->lower, limits->upper)
                          : mlg_arena_format(told->arena, ", %.3f [%.3f, %.3f]", limits->value, limits->lower,
                                             limits->upper);
    return own ? mlg_arena_format(told->arena, "%s; the value %.3f is of %s", own, told->evidence->value,
                                  pair)
               : "";
}

/* Which groups are told of; false: the value is of none in particular. */
static bool find_deciding(const struct told *told, const struct mlg_settings *settings,
                          struct mlg_deciding *deciding)
{
    const struct mlg_check_result *result = told->result;
    const bool by_value =
        !result->comparator || settings->decide == MLG_DECIDE_POINT || told->evidence->kind != MLG_BOUNDS;
    const enum mlg_telling telling = by_value                      ? MLG_TELL_VALUE
                                     : result->verdict == MLG_FAIL ? MLG_TELL_BEYOND
                                                                   : MLG_TELL_INSIDE;
    if (told->outcome->has_pair) {
        *deciding = (struct mlg_deciding){.a = told->outcome->a, .b = told->outcome->b};
        return true;
    }
    return mlg_disparity_deciding(told->evidence, settings->confidence, telling, deciding) &&
           deciding->a < told->groups->count;
}

static void tell_pair(struct told *told, const struct mlg_settings *settings)
{
    struct mlg_deciding deciding;
    struct mlg_check_result *result = told->result;
    const bool has_pair = told->outcome->has_pair;
    if (!find_deciding(told, settings, &deciding))
        return;
    told->part = deciding.part;
    if (told->evidence->kind == MLG_BOUNDS && deciding.a != deciding.b)
        tell_shared_clusters(told);
    const char *pair = pair_sentence(told, &deciding), *rows = rows_sentence(told, &deciding);
    if (!pair)
        return;
    if (!has_pair)
        result->method = mlg_methods[deciding.method].name;
    const bool by_bounds = told->evidence->kind == MLG_BOUNDS && settings->decide != MLG_DECIDE_POINT;
    const bool bounded = told->evidence->kind == MLG_BOUNDS || settings->decide == MLG_DECIDE_POINT;
    if (result->verdict != MLG_PASS && result->reason && bounded) {
        const char *other = by_bounds && !has_pair && !told->asks_for_rows ? other_pair(told, &deciding) : "";
        const char *of = other[0] && result->verdict == MLG_FAIL ? "proven of " : "";
        result->reason = mlg_arena_format(told->arena, "%s%s%s: %s%s%s", result->reason, rows ? ", " : "",
                                          rows ? rows : "", of, pair, other);
        return;
    }
    const char *what = result->comparator && bounded && !has_pair ? "nearest to the limit" : "furthest apart";
    if (!(result->comparator && bounded) && deciding.a == deciding.b)
        what = "worst group";
    note(told, mlg_arena_format(told->arena, "%s: %s", what, pair));
}

/* Is the reference the gate's, and not the check's own? */
static bool has_reference_of_gate(const struct task *task)
{
    return task->call.arguments.reference && !mlg_text_is_listed("reference", task->call.given);
}

/* Those that compare groups and know no reference. */
static bool compares_all_pairs(const struct mlg_call *call)
{
    static const char *const names[] = {"treatment_equality_difference",
                                        "differential_fairness",
                                        "class_imbalance",
                                        "label_kl",
                                        "label_js",
                                        "label_tvd",
                                        "label_ks",
                                        "score_ks",
                                        NULL};
    return mlg_text_is_listed(call->metric->name, names) &&
           !mlg_text_is_listed("reference", call->metric->arguments);
}

static void tell_reference(const struct told *told)
{
    const struct mlg_groups *groups = told->groups;
    const struct task *task = told->task;
    if (task->attribute && compares_all_pairs(&task->call) &&
        reference_of(task->run->config->options, task->attribute, told->arena))
        note(told,
             mlg_arena_format(told->arena,
                              "all pairs of groups are compared: %s takes no 'reference', which the gate "
                              "has",
                              task->call.metric->name));
    if (has_reference_of_gate(told->task) && groups->reference >= 0)
        note(told, mlg_arena_format(told->arena, "every group is compared with %s, the gate's 'reference'",
                                    groups->items[groups->reference].name));
}

/* Between which rates a group has to be, the others as they are, for the estimate to meet its limit; what no
 * rate can be is no bound. `best` and `lowest` are of the groups that it is compared with. False: that cannot
 * be said of one group by itself. */
struct target {
    double least, most;
};

static bool find_target(const struct told *told, double best, double lowest, double reference,
                        struct target *target)
{
    const struct mlg_check_config *item = &told->task->run->config->checks.items[told->task->check];
    const struct mlg_call *call = &told->task->call;
    const bool at_least = mlg_wants_more(item->check.comparator);
    const bool at_most = item->check.comparator == MLG_AT_MOST || item->check.comparator == MLG_BELOW;
    const bool refers = told->groups->reference >= 0;
    const double limit = item->check.limit.value, other = refers ? reference : best;
    const char *name = call->metric->name;
    *target = (struct target){-1, 2};
    if (call->arguments.method == MLG_TO_OVERALL)
        return false; /* all rows change with the group */
    if (strcmp(name, "RATE_ratio") == 0 && at_least) {
        target->least = limit * other;
        target->most = refers || limit <= 0 ? 2 : lowest / limit;
    } else if (strcmp(name, "RATE_difference") == 0 && at_most) {
        target->least = other - limit;
        target->most = (refers ? other : lowest) + limit;
    } else if (strcmp(name, "RATE_signed_difference") == 0 && at_least) {
        target->least = other + limit;
    } else if (strcmp(name, "RATE_signed_difference") == 0 && at_most) {
        target->most = other + limit;
    } else if (strcmp(name, "RATE_group_min") == 0 && at_least) {
        target->least = limit;
    } else if (strcmp(name, "RATE_group_max") == 0 && at_most) {
        target->most = limit;
    } else {
        return false;
    }
    return target->least <= 1 && target->most >= 0;
}

/* "55 more selections in colour=Black; 2 fewer in colour=White" */
static void tell_changes(const struct told *told, const struct mlg_evidence *rates,
                         const struct target *target)
{
    enum { SHOWN = 3 };
    const struct mlg_groups *groups = told->groups;
    const char *list = NULL;
    size_t count = 0;
    for (size_t g = 0; g < groups->count; g++) {
        const double selected = (double)rates[g].numerator, rows = (double)rates[g].denominator;
        const double more = ceil(target->least * rows - selected - 1e-9),
                     fewer = ceil(selected - target->most * rows - 1e-9), change = fmax(more, fewer);
        if (!(change > 0) || (int64_t)g == groups->reference || ++count > SHOWN)
            continue;
        const char *unit = list ? "" : change > 1 ? " selections" : " selection";
        list = mlg_arena_format(told->arena, "%s%s%s %s%s in %s", list ? list : "", list ? "; " : "",
                                mlg_count_text((uint64_t)change, told->arena), more > 0 ? "more" : "fewer",
                                unit, groups->items[g].name);
    }
    if (count > SHOWN && list)
        list = mlg_arena_format(told->arena, "%s; and changes in %s more %s", list,
                                mlg_count_text(count - SHOWN, told->arena),
                                count - SHOWN > 1 ? "groups" : "group");
    if (list)
        note(told, mlg_arena_format(told->arena, "the estimate would reach the limit with %s", list));
}

/* The fewest selections in one group that would carry the estimate over its limit. */
struct slip {
    double change;
    bool is_more;
    size_t group;
};

static void find_slip(const struct told *told, const struct mlg_evidence *rates, size_t group,
                      struct slip *slip)
{
    const struct mlg_check_config *item = &told->task->run->config->checks.items[told->task->check];
    const bool is_strict = item->check.comparator == MLG_ABOVE || item->check.comparator == MLG_BELOW;
    const struct mlg_groups *groups = told->groups;
    const double selected = (double)rates[group].numerator, rows = (double)rates[group].denominator;
    const double reference = groups->reference >= 0 ? rates[groups->reference].value : 0;
    double best = 0, lowest = 1; /* of the others, which stay as they are */
    struct target target;
    for (size_t g = 0; g < groups->count; g++)
        if (g != group) {
            best = fmax(best, rates[g].value);
            lowest = fmin(lowest, rates[g].value);
        }
    if (!find_target(told, best, lowest, reference, &target))
        return;
    const double down = selected - target.least * rows, up = target.most * rows - selected;
    const double fewer = is_strict ? ceil(down - 1e-9) : floor(down + 1e-9) + 1;
    const double more = is_strict ? ceil(up - 1e-9) : floor(up + 1e-9) + 1;
    if (fewer > 0 && fewer <= selected && (slip->change <= 0 || fewer < slip->change))
        *slip = (struct slip){fewer, false, group};
    if (more > 0 && selected + more <= rows && (slip->change <= 0 || more < slip->change))
        *slip = (struct slip){more, true, group};
}

/* How little would have made the estimate another: "6 fewer selections in colour=Black". */
static void tell_slip(const struct told *told, const struct mlg_evidence *rates)
{
    const struct mlg_groups *groups = told->groups;
    struct slip slip = {0};
    for (size_t g = 0; g < groups->count; g++)
        if ((int64_t)g != groups->reference)
            find_slip(told, rates, g, &slip);
    if (slip.change > 0)
        note(told, mlg_arena_format(told->arena, "the estimate would miss the limit with %s %s %s in %s",
                                    mlg_count_text((uint64_t)slip.change, told->arena),
                                    slip.is_more ? "more" : "fewer",
                                    mlg_plural((uint64_t)slip.change, "selection", "selections"),
                                    groups->items[slip.group].name));
}

/* A sum of doubles says nothing of what is smaller. */
static const char *probability_text(double p, struct mlg_arena *arena)
{
    const char *text = p < 1e-300 ? "< 1e-300" : mlg_arena_format(arena, "= %.3g", p);
    return text ? text : "= ?";
}

/* The tests that procedures for employment ask for, of the two groups that the estimate is of: the lower rate
 * against the higher, or against the reference. */
static void tell_tests(const struct told *told, const struct mlg_evidence *rates)
{
    const struct mlg_groups *groups = told->groups;
    struct mlg_deciding of;
    if (!mlg_disparity_deciding(told->evidence, 0, MLG_TELL_VALUE, &of) || of.a == of.b ||
        of.a >= groups->count || of.b >= groups->count)
        return;
    const bool swap = groups->reference < 0 && rates[of.a].value > rates[of.b].value;
    const size_t first = swap ? of.b : of.a, second = swap ? of.a : of.b;
    const struct mlg_rate a = {(double)rates[first].numerator, (double)rates[first].denominator};
    const struct mlg_rate b = {(double)rates[second].numerator, (double)rates[second].denominator};
    if (a.trials + b.trials >= 2147483648.0)
        return;
    note(told,
         mlg_arena_format(told->arena, "test of equal rates, %s against %s: Fisher's exact p %s, z = %.2f%s",
                          groups->items[first].name, groups->items[second].name,
                          probability_text(mlg_fisher_exact(a, b), told->arena), mlg_pooled_z(a, b),
                          groups->count > 2 ? "; of this pair alone" : ""));
}

/* How many selections more or fewer would have changed the estimate, and what tests of equal rates say.
 * Selection rates alone: those are decisions that could be taken otherwise. */
static void tell_practice(const struct told *told)
{
    const struct mlg_check_config *item = &told->task->run->config->checks.items[told->task->check];
    const struct mlg_groups *groups = told->groups;
    const struct mlg_evidence *const rates = told->outcome->part_count == 1 ? told->outcome->parts[0] : NULL;
    const size_t reference = groups->reference >= 0 ? (size_t)groups->reference : 0;
    double best = 0;
    struct target target;
    if (!rates || strcmp(told->outcome->part_names[0], "selection_rate") != 0 || groups->count < 2)
        return;
    for (size_t g = 0; g < groups->count; g++) {
        if (rates[g].kind != MLG_PROPORTION)
            return;
        best = fmax(best, rates[g].value);
    }
    const bool has_limit = item->check.comparator != MLG_NO_COMPARATOR;
    const bool meets_it = has_limit && mlg_meets(told->evidence, item->check.comparator, &item->check.limit);
    if (meets_it)
        tell_slip(told, rates);
    else if (has_limit && find_target(told, best, (double)INFINITY, rates[reference].value, &target))
        tell_changes(told, rates, &target);
    tell_tests(told, rates);
}

/* "town=Corby (20 rows, left out: a pilot office)"; of a group under its floor the count says it already. */
static const char *describe_left_out(const struct found_group *group, struct mlg_arena *arena)
{
    if (group->is_small)
        return mlg_arena_format(arena, "%s (%s)", group->name, group->left_out);
    return mlg_arena_format(arena, "%s (%s %s, %s)", group->name, mlg_count_text(group->rows, arena),
                            mlg_plural(group->rows, "row", "rows"), group->left_out);
}

static void tell_left_out(const struct told *told)
{
    const struct found *found = &told->task->found;
    const char *list = NULL;
    size_t count = 0;
    enum { SHOWN = 5 };
    for (size_t g = 0; g < found->count; g++) {
        const struct found_group *group = &found->items[g];
        if (!group->left_out || group->lost || count++ >= SHOWN)
            continue;
        const char *one = describe_left_out(group, told->arena);
        list = one ? mlg_arena_format(told->arena, "%s%s", list ? list : "not compared: ", list ? "; " : "")
                   : NULL;
        list = list ? mlg_arena_format(told->arena, "%s%s", list, one) : NULL;
    }
    if (count > SHOWN && list)
        list = mlg_arena_format(told->arena, "%s; and %s more", list,
                                mlg_count_text(count - SHOWN, told->arena));
    if (list)
        note(told, list);
}

/* ---- combinations that no row has ---- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The groups of the attribute among all rows of the data, those that are left out by name marked. */
static struct found groups_of_all_rows(const struct task *task)
{
    const struct fairness_options *options = task->run->config->options;
    if (!task->within)
        return task->found;
    const struct crossing *crossing = find_crossing(task->state, NULL, task->attribute, NULL);
    const struct mlg_slices *slices = &task->scan->slicings[crossing->index];
    struct found found = {.items = MLG_NEW_ARRAY(task->scratch, struct found_group, slices->count + 1)};
    const size_t columns = task->attribute->column_count;
    for (size_t i = 0; found.items && i < slices->count; i++) {
        struct found_group *group = &found.items[found.count++];
        *group = (struct found_group){.columns = task->attribute->columns,
                                      .values = slices->items[i].values,
                                      .rows = slices->items[i].rows};
        group->left_out = exclusion_of(options, group, columns);
        if (!group->left_out && options->exclude_missing && has_missing(group, columns))
            group->left_out = options->exclude_missing_reason;
    }
    return found;
}

/* The values of a column that a cross may combine: those that are declared, all bins, else those of groups.
 * Sorted; NULL: no memory. */
static const char **list_values(const struct task *task, size_t column, size_t *count)
{
    const struct mlg_slicing *declared =
        declared_column(task->run->config->options, task->attribute->columns[column]);
    const struct mlg_bin *bins = bins_of(task->run->config->options, task->attribute->columns[column]);
    const struct found elsewhere = declared || bins ? (struct found){0} : groups_of_all_rows(task);
    const size_t most = declared ? declared->declared_count : bins ? bins->count + 1 : elsewhere.count;
    const char **values = MLG_NEW_ARRAY(task->scratch, const char *, most + 1);
    size_t all = 0;
    *count = 0;
    for (size_t i = 0; values && i < most; i++) {
        const struct found_group *group = declared || bins ? NULL : &elsewhere.items[i];
        const char *value = declared ? declared->declared[i] : bins ? bins->names[i] : group->values[column];
        if (value && (!group || !group->left_out || group->is_small))
            values[all++] = value;
    }
    if (values)
        qsort(values, all, sizeof *values, by_text);
    for (size_t i = 0; i < all; i++)
        if (i == 0 || strcmp(values[i], values[i - 1]) != 0)
            values[(*count)++] = values[i];
    return values;
}

static int by_number(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Every combination is a number, its values digits: which numbers have no rows? */
struct combinations {
    const char **values[MLG_CROSS_COLUMNS];
    size_t counts[MLG_CROSS_COLUMNS], columns;
    uint64_t *present; /* rising */
    size_t present_count;
    uint64_t all;
};

static bool find_combinations(const struct task *task, struct combinations *of)
{
    *of = (struct combinations){.columns = task->attribute->column_count, .all = 1};
    for (size_t c = 0; c < of->columns; c++) {
        of->values[c] = list_values(task, c, &of->counts[c]);
        if (!of->values[c])
            return false;
        of->all *= of->counts[c]; /* at most 10,000 groups, four columns */
    }
    of->present = MLG_NEW_ARRAY(task->scratch, uint64_t, task->found.count + 1);
    for (size_t g = 0; of->present && g < task->found.count; g++) {
        const struct found_group *group = &task->found.items[g];
        uint64_t number = 0;
        bool is_known = true;
        for (size_t c = 0; c < of->columns && is_known; c++) {
            const char **at = group->values[c] ? bsearch(&group->values[c], of->values[c], of->counts[c],
                                                         sizeof *of->values[c], by_text)
                                               : NULL;
            is_known = at != NULL;
            number = number * of->counts[c] + (is_known ? (uint64_t)(at - of->values[c]) : 0);
        }
        if (is_known)
            of->present[of->present_count++] = number;
    }
    if (of->present)
        qsort(of->present, of->present_count, sizeof *of->present, by_number);
    return of->present != NULL;
}

static const char *name_combination(const struct told *told, const struct combinations *of, uint64_t number)
{
    const char *values[MLG_CROSS_COLUMNS];
    for (size_t c = of->columns; c-- > 0; number /= of->counts[c])
        values[c] = of->values[c][number % of->counts[c]];
    return mlg_slice_text(told->task->attribute->columns, values, of->columns, false, told->arena);
}

/* An intersection without rows is nowhere measured: it is told, and where the cross declares it, an error. */
static void tell_empty_combinations(const struct told *told)
{
    enum { SHOWN = 5 };
    const struct mlg_slicing *attribute = told->task->attribute;
    struct combinations of;
    const char *list = NULL;
    uint64_t shown = 0, number = 0;
    if (attribute->column_count < 2 || attribute->declared_count || !find_combinations(told->task, &of))
        return;
    const uint64_t absent = of.all - of.present_count;
    for (size_t next = 0; shown < absent && shown < SHOWN; number++) {
        if (next < of.present_count && of.present[next] == number) {
            next++;
            continue;
        }
        const char *name = name_combination(told, &of, number);
        list =
            name ? mlg_arena_format(told->arena, "%s%s%s", list ? list : "", list ? "; " : "", name) : NULL;
        if (!list)
            return;
        shown++;
    }
    if (list && absent > shown)
        list = mlg_arena_format(told->arena, "%s; and %s more", list,
                                mlg_count_text(absent - shown, told->arena));
    if (list)
        note(told, mlg_arena_format(told->arena, "combinations without rows: %s", list));
}

/* ---- groups that no row has ---- */

/* The values that groups of a column have, sorted; NULL: no memory. */
static const char **list_found(const struct task *task, size_t *count, bool *has_missing_one)
{
    const char **values = MLG_NEW_ARRAY(task->scratch, const char *, task->found.count + 1);
    *count = 0;
    *has_missing_one = false;
    for (size_t g = 0; values && g < task->found.count; g++) {
        const char *value = task->found.items[g].values[0];
        if (value)
            values[(*count)++] = value;
        else
            *has_missing_one = true;
    }
    if (values)
        qsort(values, *count, sizeof *values, by_text);
    return values;
}

/* A bin without rows, and within a slice a group that only other rows have, is nowhere measured: it is told.
 * One that is declared is an error, and of a cross the combinations are told. */
static void tell_absent_groups(const struct told *told)
{
    enum { SHOWN = 5 };
    const struct task *task = told->task;
    const struct mlg_slicing *attribute = task->attribute;
    const struct mlg_bin *bins = bins_of(task->run->config->options, attribute->columns[0]);
    if (attribute->column_count > 1 || attribute->declared_count || !(bins || task->within))
        return;
    size_t found_count;
    bool has_missing_one;
    const char **found = list_found(task, &found_count, &has_missing_one);
    const struct found all = groups_of_all_rows(task);
    const size_t most = bins ? bins->count + 1 : all.count;
    const char *list = NULL;
    size_t count = 0;
    for (size_t i = 0; found && all.items && i < most; i++) {
        struct found_group bin = {.columns = attribute->columns, .values = bins ? &bins->names[i] : NULL};
        const struct found_group *group = bins ? &bin : &all.items[i];
        if (bins)
            bin.left_out = exclusion_of(task->run->config->options, &bin, 1);
        const char *value = group->values[0];
        const bool is_found =
            value ? bsearch(&value, found, found_count, sizeof *found, by_text) != NULL : has_missing_one;
        if (group->left_out || is_found || count++ >= SHOWN)
            continue;
        const char *name = mlg_slice_text(group->columns, group->values, 1, false, told->arena);
        list =
            name ? mlg_arena_format(told->arena, "%s%s%s", list ? list : "", list ? "; " : "", name) : NULL;
        if (!list)
            return;
    }
    if (list && count > SHOWN)
        list = mlg_arena_format(told->arena, "%s; and %s more", list,
                                mlg_count_text(count - SHOWN, told->arena));
    if (list)
        note(told,
             mlg_arena_format(told->arena, "no row of %s%s", list, task->within ? " in this slice" : ""));
}

/* ---- the table of groups ---------------------------------------------------------------------------- */

/* In which order groups are shown. */
enum standing { UNDEFINED_GROUP, MEASURED_GROUP, UNCOUNTED_GROUP };

struct ranked_group {
    struct mlg_group_result result;
    enum standing standing;
    double badness, second;
    size_t place;
};

static int by_badness(const void *a, const void *b)
{
    const struct ranked_group *x = a, *y = b;
    if (x->standing != y->standing)
        return x->standing < y->standing ? -1 : 1;
    if (x->badness < y->badness || x->badness > y->badness)
        return x->badness < y->badness ? 1 : -1;
    if (x->second < y->second || x->second > y->second)
        return x->second < y->second ? 1 : -1;
    return (x->place > y->place) - (x->place < y->place);
}

static struct mlg_optional known(double value)
{
    return (struct mlg_optional){isfinite(value), value};
}

/* The quantity whose groups are shown: the one that decides, or that is undefined of some group. */
static size_t shown_part(const struct told *told)
{
    for (size_t p = 0; told->evidence->kind == MLG_UNDEFINED && p < told->outcome->part_count; p++)
        for (size_t g = 0; g < told->groups->count; g++)
            if (told->outcome->parts[p][g].kind == MLG_UNDEFINED)
                return p;
    return told->part;
}

/* What is known of a group whether it was measured or not. */
static bool begin_row(const struct told *told, const struct found_group *group, struct ranked_group *ranked)
{
    const size_t columns = told->task->attribute->column_count;
    struct mlg_group_result *row = &ranked->result;
    ranked->standing = UNCOUNTED_GROUP;
    row->group = MLG_NEW_ARRAY(told->arena, struct mlg_pair, columns);
    if (!row->group)
        return false;
    for (size_t c = 0; c < columns; c++)
        row->group[row->group_count++] = (struct mlg_pair){group->columns[c], group->values[c]};
    row->n = group->rows;
    row->note = group->is_absent  ? "declared, and no row has it"
                : group->left_out ? group->left_out
                                  : group->lost;
    if (told->task->found.has_labels && !group->is_absent)
        row->positives = known((double)group->positives);
    return true;
}

static void measure_row(const struct told *told, const struct mlg_evidence *evidence, double confidence,
                        struct ranked_group *ranked)
{
    const struct mlg_bounds bounds = mlg_interval(evidence, confidence, MLG_METHOD_COUNT, 1);
    struct mlg_group_result *row = &ranked->result;
    ranked->standing = MEASURED_GROUP;
    if (evidence->kind == MLG_UNDEFINED) {
        ranked->standing = UNDEFINED_GROUP;
        row->note = evidence->lacks_positive /* the check tells why */
                        ? "undefined"
                        : mlg_arena_format(told->arena, "undefined: %s", evidence->reason);
        return;
    }
    row->estimate = known(evidence->value);
    if (bounds.known) {
        row->lower = known(bounds.lower);
        row->upper = known(bounds.upper);
    }
    if (evidence->kind == MLG_PROPORTION) {
        row->count = known((double)evidence->numerator);
        row->of = known((double)evidence->denominator);
    }
}

/* A group that does not count has its value all the same, beside the reason: a reader sees what is left out.
 */
static bool measure_left_out(const struct told *told, const struct found_group *group, size_t part,
                             double confidence, struct ranked_group *ranked)
{
    const struct task *task = told->task;
    const struct crossing *crossing = find_crossing(task->state, task->within, task->attribute, NULL);
    struct mlg_view view = {
        .scan = task->scan, .slicing = crossing->index, .slice = group->index, .scratch = task->scratch};
    struct mlg_evidence evidence;
    struct mlg_error error;
    if (!told->outcome->calls)
        return true;
    if (mlg_call_evaluate(&told->outcome->calls[part], &view, &evidence, &error) != MLG_OK)
        return false;
    measure_row(told, &evidence, confidence, ranked);
    ranked->standing = UNCOUNTED_GROUP;
    ranked->result.note = group->left_out;
    return true;
}

static bool fill_row(const struct told *told, const struct found_group *group, size_t part,
                     const struct mlg_apart *apart, double confidence, struct ranked_group *ranked)
{
    if (!begin_row(told, group, ranked))
        return false;
    if (group->is_absent || group->rows == 0)
        return true;
    if (group->left_out)
        return part >= told->outcome->part_count || measure_left_out(told, group, part, confidence, ranked);
    ranked->standing = MEASURED_GROUP;
    if (part >= told->outcome->part_count)
        return true;
    measure_row(told, &told->outcome->parts[part][group->place], confidence, ranked);
    if (ranked->standing == UNDEFINED_GROUP)
        return true;
    ranked->result.disparity = known(apart[group->place].value);
    ranked->badness = apart[group->place].badness;
    ranked->second = apart[group->place].second;
    return true;
}

/* The groups' values of one part, the worst first; without a part the groups alone. */
struct table {
    struct mlg_group_result *groups;
    size_t count;
    const char *quantity, *against;
};

static bool make_table(const struct told *told, size_t part, double confidence, struct table *table)
{
    const struct found *found = &told->task->found;
    struct mlg_arena *scratch = told->task->scratch;
    struct ranked_group *ranked = MLG_NEW_ARRAY(scratch, struct ranked_group, found->count + 1);
    struct mlg_apart *apart = MLG_NEW_ARRAY(scratch, struct mlg_apart, told->groups->count + 1);
    *table = (struct table){.groups = MLG_NEW_ARRAY(told->arena, struct mlg_group_result, found->count)};
    if (!ranked || !apart || (found->count && !table->groups))
        return false;
    if (part < told->outcome->part_count) {
        const struct mlg_call *call = &told->task->call;
        const char *against = mlg_disparity_apart(call, told->groups, told->outcome, part, apart);
        table->against = against ? mlg_kept_text(against, told->arena) : NULL;
        table->quantity = mlg_kept_text(told->outcome->part_names[part], told->arena);
    }
    for (size_t g = 0; g < found->count; g++) {
        ranked[g].place = g;
        if (!fill_row(told, &found->items[g], part, apart, confidence, &ranked[g]))
            return false;
        if (!table->against)
            ranked[g].result.disparity = (struct mlg_optional){0};
    }
    qsort(ranked, found->count, sizeof *ranked, by_badness);
    for (size_t g = 0; g < found->count; g++)
        table->groups[table->count++] = ranked[g].result;
    return true;
}

/* The table of the part that decides, and where each group has two (equalized odds) that of the other. */
static bool make_tables(const struct told *told, double confidence)
{
    const struct mlg_call *call = &told->task->call;
    const size_t parts = told->outcome->part_count, part = shown_part(told), classes = parts / 2;
    struct mlg_check_result *result = told->result;
    struct table table;
    if (!make_table(told, part, confidence, &table))
        return false;
    result->groups = table.groups;
    result->group_count = table.count;
    result->group_quantity = table.quantity;
    result->group_against = table.against;
    if (call->part_count != 2 || parts < 2)
        return true;
    if (!make_table(told, part < classes ? part + classes : part - classes, confidence, &table))
        return false;
    result->other_groups = table.groups;
    result->other_group_count = table.count;
    result->other_group_quantity = table.quantity;
    result->other_group_against = table.against;
    return true;
}

/* "; where these are cut points, ..." where what is declared looks like cut points; else "". */
static const char *hint_at_bins(const struct mlg_slicing *attribute, const struct found_group *group,
                                struct mlg_arena *arena)
{
    const char *cuts = "";
    double value, last = 0;
    if (attribute->column_count != 1 || !group->values[0] ||
        !mlg_number_parse(group->values[0], strlen(group->values[0]), &value))
        return "";
    for (size_t i = 0; i < attribute->declared_count; i++) {
        const char *text = attribute->declared[i];
        if (!mlg_number_parse(text, strlen(text), &value) || (i > 0 && !(value > last)))
            return "";
        last = value;
        cuts = mlg_arena_format(arena, "%s%s%s", cuts, i ? ", " : "", text);
        if (!cuts)
            return "";
    }
    const char *hint = mlg_arena_format(arena,
                                        "; where these are cut points, write attributes: [%s] and bins: "
                                        "{%s: [%s]}",
                                        attribute->columns[0], attribute->columns[0], cuts);
    return hint ? hint : "";
}

/* ---- judge ------------------------------------------------------------------------------------------ */

/* A group under its floor: what is proven of the others is proven, but "all groups are inside" is not. Where
 * floors leave nothing to compare, more rows would: that is no error. */
static void respect_floors(const struct told *told)
{
    const struct found *found = &told->task->found;
    struct mlg_check_result *result = told->result;
    const bool is_lost = result->verdict == MLG_VERDICT_ERROR && told->outcome->too_few;
    const struct found_group *first = NULL;
    size_t count = 0;
    for (size_t g = 0; g < found->count; g++)
        if (found->items[g].is_small && count++ == 0)
            first = &found->items[g];
    if (!first || (result->verdict != MLG_PASS && !is_lost))
        return;
    const char *others = "";
    if (count > 1)
        others = mlg_arena_format(told->arena, ", and %zu more %s too small", count - 1,
                                  count > 2 ? "groups are" : "group is");
    result->verdict = MLG_INCONCLUSIVE;
    result->reason = mlg_arena_format(
        told->arena, "%s; %s has %s%s: bring more rows, or name %s in 'exclude' with a reason",
        is_lost ? "too few groups are left to compare" : "the other groups meet the limit", first->name,
        first->left_out, others ? others : "", count > 1 ? "them" : "it");
}

/* Rows that would decide of the others leave a group under its floor where it is, unless they are as many as
 * this one asks for. */
static void raise_to_floors(struct told *told)
{
    const struct found *found = &told->task->found;
    const struct mlg_check_config *item = &told->task->run->config->checks.items[told->task->check];
    struct mlg_check_result *result = told->result;
    const struct found_group *least = NULL;
    told->asks_for_rows = result->rows_needed.known && told->evidence->n < (uint64_t)item->settings.min_rows;
    for (size_t g = 0; g < found->count; g++)
        if (found->items[g].is_small && (!least || found->items[g].times == 0 ||
                                         (least->times > 0 && found->items[g].times > least->times)))
            least = &found->items[g];
    if (!least || result->verdict != MLG_INCONCLUSIVE || !result->rows_needed.known)
        return;
    const double rows = least->times * (double)found->rows;
    if (least->times > 0 && rows <= result->rows_needed.value)
        return;
    if (told->asks_for_rows || least->times == 0)
        result->reason =
            mlg_arena_format(told->arena, "%s; and %s has %s", result->reason, least->name, least->left_out);
    else
        result->reason =
            mlg_arena_format(told->arena, "cannot tell; %s has %s, so that about %s rows would decide",
                             least->name, least->left_out, mlg_count_text(round_up(rows), told->arena));
    result->rows_needed.value = fmax(result->rows_needed.value, (double)round_up(rows));
    told->asks_for_rows = true;
}

/* What is declared is what there is: a group too few is as wrong as one too many, which nobody looks at; and
 * so is one of which too little is left. */
static void refuse_other_groups(const struct told *told)
{
    const struct found *found = &told->task->found;
    for (size_t g = 0; g < found->count; g++)
        if (found->items[g].is_absent) {
            mlg_check_not_measured(told->result,
                                   mlg_arena_format(told->arena, "no row has %s, which 'attributes' declares",
                                                    found->items[g].name));
            return;
        } else if (found->items[g].lost) {
            mlg_check_not_measured(told->result, found->items[g].lost);
            return;
        } else if (found->items[g].is_undeclared) {
            mlg_check_not_measured(
                told->result,
                mlg_arena_format(
                    told->arena,
                    "%s has %s %s and 'attributes' does not declare it: declare it, or leave it out "
                    "with %s%s",
                    found->items[g].name, mlg_count_text(found->items[g].rows, told->arena),
                    mlg_plural(found->items[g].rows, "row", "rows"),
                    has_missing(&found->items[g], told->task->attribute->column_count)
                        ? "exclude_missing: true and a reason"
                        : "'exclude' and a reason",
                    hint_at_bins(told->task->attribute, &found->items[g], told->arena)));
            return;
        }
}

static bool lacks_positive(const struct told *told)
{
    bool lacks = told->evidence->lacks_positive;
    for (size_t p = 0; p < told->outcome->part_count && !told->outcome->too_few; p++)
        for (size_t g = 0; g < told->groups->count; g++)
            lacks = lacks || told->outcome->parts[p][g].lacks_positive;
    return lacks;
}

static bool takes_class(const struct mlg_call *call)
{
    for (size_t p = 0; p < call->part_count; p++)
        if (mlg_metric_has_argument(call->parts[p].metric, "class"))
            return true;
    return false;
}

/* Without a positive class no group has the quantity: told once, and with more than two classes how else it
 * may be asked for. */
static void tell_positive(const struct told *told)
{
    const struct mlg_call *call = &told->task->call;
    const struct mlg_classes *classes = &told->task->scan->classes;
    const bool several = classes->count > 2, has_limit = told->result->comparator != NULL;
    const unsigned other = MLG_READS_SCORE | MLG_READS_PROBABILITY | MLG_READS_LABEL_NUMBER;
    if (!classes->positive_why)
        return;
    told->result->reason = mlg_arena_format(
        told->arena, "%s%s%s%s", has_limit ? "could not measure: " : "", classes->positive_why,
        several && !(mlg_disparity_reads(call) & other) ? ", or several classes with 'favourable' of the gate"
                                                        : "",
        several && takes_class(call) ? ", or write class=* in the check to compare class by class" : "");
}

static int judge_value(struct told *told)
{
    const struct task *task = told->task;
    const struct mlg_check_config *item = &task->run->config->checks.items[task->check];
    /* The groups' method was chosen with the comparison; here there is one left. */
    struct mlg_settings settings = item->settings;
    settings.interval = 0;
    double minimum, maximum;
    mlg_disparity_range(&task->call, &minimum, &maximum);
    const char *class_name;
    if (!mlg_disparity_class(&task->call, task->scan, &class_name) &&
        mlg_call_is_macro(&task->call, task->scan) && !takes_class(&task->call))
        told->result->average = "macro";
    mlg_check_measured(&item->check, &settings, told->evidence, minimum, maximum, told->arena, told->result);
    tell_reference(told);
    raise_to_floors(told);
    if (told->evidence->kind != MLG_UNDEFINED)
        tell_pair(told, &settings);
    else if (lacks_positive(told))
        tell_positive(told);
    tell_practice(told);
    if (item->check.comparator != MLG_NO_COMPARATOR) {
        respect_floors(told);
        refuse_other_groups(told);
    }
    if (task->attribute) {
        tell_left_out(told);
        tell_absent_groups(told);
        tell_empty_combinations(told);
    }
    return task->attribute && !make_tables(told, settings.confidence) ? MLG_LIMIT : MLG_OK;
}

/* A floor of positives needs to know which they are. NULL: it does, or there is none. */
static const char *uncounted_floor(const struct task *task)
{
    const struct fairness_options *options = task->run->config->options;
    const char *name;
    if ((options->min_group_positives <= 0 && options->min_group_negatives <= 0) ||
        mlg_disparity_class(&task->call, task->scan, &name) || name)
        return NULL;
    return mlg_arena_format(task->run->arena, "'%s' cannot be counted: %s",
                            options->min_group_positives > 0 ? "min_group_positives" : "min_group_negatives",
                            task->scan->classes.positive_why ? task->scan->classes.positive_why
                                                             : "no class is known to be the positive one");
}

static int judge_task(struct task *task, struct mlg_check_result *result, struct mlg_error *error)
{
    const struct planned_check *planned = &task->state->checks[task->check];
    struct mlg_groups groups;
    struct mlg_outcome outcome = {0};
    struct mlg_evidence evidence = {0};
    struct mlg_error own = {0};
    struct mlg_view view = {.scan = task->scan,
                            .slicing = task->within_slicing,
                            .slice = task->within_slice,
                            .scratch = task->scratch};
    if (planned->error.code != MLG_OK) {
        mlg_check_not_measured(result, planned->error.text);
        return MLG_OK;
    }
    if (task->lost && (result->comparator || task->slice->rows == 0)) {
        mlg_check_not_measured(result, task->lost);
        return MLG_OK;
    }
    if (task->lost)
        mlg_check_note(result, task->lost, task->run->arena);
    if (task->absent) {
        mlg_check_not_measured(result, task->absent);
        return MLG_OK;
    }
    if (strcmp(planned->name, result->quantity) != 0)
        mlg_check_note(result,
                       mlg_arena_format(task->run->arena, "%s is %s", result->quantity, planned->name),
                       task->run->arena);
    const char *unknown = task->attribute ? uncounted_floor(task) : NULL;
    if (unknown) {
        mlg_check_not_measured(result, unknown);
        return MLG_OK;
    }
    if (task->attribute && !find_groups(task))
        return mlg_error_set(error, MLG_LIMIT, "no memory for the groups");
    int code = gather(task, &groups, &own);
    if (code == MLG_OK)
        code = mlg_disparity_evaluate(&task->call, &view, &groups, &evidence, &outcome, &own);
    if (code == MLG_CONFIG || code == MLG_DATA) {
        mlg_check_not_measured(result, mlg_kept_text(own.text, task->run->arena));
        return MLG_OK;
    }
    if (code != MLG_OK) {
        *error = own;
        return code;
    }
    evidence.rows = task->scan->slicings[task->within_slicing].items[task->within_slice].rows;
    struct told told = {task, &groups, &outcome, &evidence, result, task->run->arena, 0, false};
    code = judge_value(&told);
    return code == MLG_OK ? MLG_OK : mlg_error_set(error, MLG_LIMIT, "no memory to tell of groups");
}

static const char *name_within(const struct task *task)
{
    const struct mlg_slice *slice = task->slice;
    return mlg_slice_text(slice->columns, slice->values, slice->column_count, false, task->run->arena);
}

/* What the result says before anything was measured. */
static bool begin(const struct task *task, struct mlg_check_result *result)
{
    const struct mlg_gate_config *config = task->run->config;
    const struct mlg_check_config *item = &config->checks.items[task->check];
    const struct planned_check *planned = &task->state->checks[task->check];
    struct mlg_arena *arena = task->run->arena;
    const struct mlg_slice *slice = task->slice;
    mlg_check_result_begin(result, config, item, arena);
    result->warns_only = item->settings.on_inconclusive == MLG_WARN;
    if (task->attribute) {
        struct mlg_pair *arguments = MLG_NEW_ARRAY(arena, struct mlg_pair, result->argument_count + 2);
        size_t count = 0;
        if (!arguments)
            return false;
        arguments[count++] = (struct mlg_pair){"attribute", task->attribute->written};
        /* The first one without a name was the attribute. */
        bool is_first = planned->call.arguments.attribute != NULL;
        for (size_t i = 0; i < result->argument_count; i++) {
            const char *key = result->arguments[i].key;
            if (strcmp(key, "attribute") == 0 || (is_first && !key[0])) {
                is_first = is_first && key[0];
                continue;
            }
            arguments[count++] = result->arguments[i];
        }
        if (has_reference_of_gate(task))
            arguments[count++] = (struct mlg_pair){"reference", task->call.arguments.reference};
        result->arguments = arguments;
        result->argument_count = count;
        if (!planned->call.arguments.attribute)
            result->id = mlg_arena_format(arena, "%s / attribute=%s", result->id, task->attribute->written);
    }
    if (task->within) {
        const char *name = name_within(task);
        result->slice = MLG_NEW_ARRAY(arena, struct mlg_pair, slice->column_count);
        if (!name || !result->slice)
            return false;
        for (size_t c = 0; c < slice->column_count; c++)
            result->slice[result->slice_count++] = (struct mlg_pair){slice->columns[c], slice->values[c]};
        result->id = mlg_arena_format(arena, "%s / %s", result->id, name);
    }
    return result->id != NULL;
}

struct collected {
    struct mlg_gate_result *result;
    size_t check_capacity, reported_capacity;
};

static int add_result(struct collected *into, const struct mlg_check_result *check, struct mlg_arena *arena)
{
    struct mlg_gate_result *result = into->result;
    struct mlg_check_result **items = check->comparator ? &result->checks : &result->reported;
    size_t *count = check->comparator ? &result->check_count : &result->reported_count;
    struct mlg_check_result *grown =
        mlg_arena_grow(arena, *items, check->comparator ? &into->check_capacity : &into->reported_capacity,
                       *count + 1, sizeof *grown);
    if (!grown)
        return MLG_LIMIT;
    *items = grown;
    grown[(*count)++] = *check;
    return MLG_OK;
}

static int run_task(struct task *task, struct collected *into, struct mlg_error *error)
{
    struct mlg_check_result result;
    struct mlg_arena scratch;
    mlg_arena_init(&scratch, 0);
    task->scratch = &scratch;
    task->found = (struct found){0};
    int code = begin(task, &result) ? judge_task(task, &result, error) : MLG_LIMIT;
    result.underlying = result.verdict;
    task->scratch = NULL;
    mlg_arena_free(&scratch);
    if (code == MLG_OK)
        code = add_result(into, &result, task->run->arena);
    return code == MLG_OK || error->code ? code
                                         : mlg_error_set(error, MLG_LIMIT, "no memory to judge the groups");
}

/* What a check's `on` names. */
struct entry {
    struct mlg_on on;
    bool is_met; /* a slice has that name */
};

static struct entry *read_on(const struct mlg_settings *settings, struct mlg_arena *arena)
{
    struct entry *entries = MLG_NEW_ARRAY(arena, struct entry, settings->on.count + 1);
    for (size_t i = 0; entries && i < settings->on.count; i++)
        mlg_on_parse(settings->on.items[i], &entries[i].on, arena);
    return entries;
}

/* Does the check run on the slice? The entries that name it are met. */
static bool runs_on(struct entry *entries, size_t count, const struct mlg_slicing *within,
                    const struct mlg_slice *slice)
{
    bool runs = count == 0;
    for (size_t i = 0; i < count; i++)
        if (mlg_on_covers(&entries[i].on, within, slice->values)) {
            entries[i].is_met = true;
            runs = true;
        }
    return runs;
}

/* Runs the check on each attribute that it is about. */
static int judge_attributes(struct task *task, struct collected *into, struct mlg_error *error)
{
    const struct fairness_options *options = task->run->config->options;
    const struct planned_check *planned = &task->state->checks[task->check];
    const bool is_known = planned->error.code == MLG_OK;
    const bool of_all_rows = is_known && mlg_disparity_is_of_all_rows(&planned->call);
    for (size_t a = 0; a < (of_all_rows ? 1 : options->attributes.count); a++) {
        task->attribute = of_all_rows ? NULL : &options->attributes.items[a];
        if (task->attribute && is_known && !is_about(&planned->call, task->attribute, task->run->arena))
            continue;
        task->call = planned->call;
        if (is_known)
            task->call = call_on(options, &planned->call, task->attribute, task->run->arena);
        int code = run_task(task, into, error);
        if (code != MLG_OK)
            return code;
    }
    return MLG_OK;
}

/* A slice that `on` names and no row is in is an error of its own, where the check would else vanish. */
static int judge_absent(const struct task *of, const struct mlg_on *on, struct collected *into,
                        struct mlg_error *error)
{
    const struct mlg_gate_config *config = of->run->config;
    const struct mlg_slice slice = {.column_count = on->column_count,
                                    .columns = (const char **)(uintptr_t)on->columns,
                                    .values = (const char **)(uintptr_t)on->values};
    struct task task = *of;
    task.slice = &slice;
    task.absent = mlg_absent_slice(of->scan, of->state->within, of->state->within_count, on, of->run->arena);
    for (size_t s = 0; s < config->slices.count; s++)
        if (mlg_on_fits(on, &config->slices.items[s]))
            task.within = &config->slices.items[s];
    return judge_attributes(&task, into, error);
}

static int judge_check(struct mlg_gate_run *run, const struct mlg_scan *scan, size_t check,
                       struct collected *into, struct mlg_error *error)
{
    const struct fairness_state *state = run->state;
    const struct mlg_settings *settings = &run->config->checks.items[check].settings;
    struct entry *entries = read_on(settings, run->arena);
    int code = MLG_OK;
    if (!entries)
        return mlg_error_set(error, MLG_LIMIT, "no memory for the slices of a check");
    for (size_t s = 0; code == MLG_OK && s < state->within_count; s++) {
        const struct mlg_slices *slices = &scan->slicings[state->within[s]];
        for (size_t i = 0; code == MLG_OK && i < slices->count; i++) {
            struct task task = {.run = run,
                                .state = state,
                                .scan = scan,
                                .check = check,
                                .within = within_of(run->config, s),
                                .within_slicing = state->within[s],
                                .within_slice = i,
                                .slice = &slices->items[i]};
            if (slices->items[i].declared_absent)
                task.absent = "no row has this value, which 'slices' declares";
            if (slices->items[i].dropped)
                task.lost = mlg_lost_slice(scan, &slices->items[i], name_within(&task), run->arena);
            if (runs_on(entries, settings->on.count, task.within, task.slice))
                code = judge_attributes(&task, into, error);
        }
    }
    for (size_t i = 0; code == MLG_OK && i < settings->on.count; i++) {
        const struct task task = {.run = run, .state = state, .scan = scan, .check = check};
        if (!entries[i].is_met)
            code = judge_absent(&task, &entries[i].on, into, error);
    }
    return code;
}

/* Has a row of the data all values that the exclusion names? */
static bool is_met(const struct mlg_gate_run *run, const struct mlg_scan *scan,
                   const struct mlg_exclusion *exclusion)
{
    const struct mlg_slicings *attributes =
        &((const struct fairness_options *)run->config->options)->attributes;
    for (size_t a = 0; a < attributes->count; a++) {
        const struct mlg_slicing *attribute = &attributes->items[a];
        const struct crossing *crossing = find_crossing(run->state, NULL, attribute, NULL);
        const struct mlg_slices *slices = &scan->slicings[crossing->index];
        for (size_t i = 0; i < slices->count; i++) {
            const struct found_group group = {.columns = attribute->columns,
                                              .values = slices->items[i].values};
            if (meets(exclusion, &group, attribute->column_count))
                return true;
        }
    }
    return false;
}

/* A name in `exclude` that no group has may be a slip: then the group that was meant is compared. */
static void warn_of_unused_exclusions(struct mlg_gate_run *run, const struct mlg_scan *scan)
{
    const struct fairness_options *options = run->config->options;
    for (size_t e = 0; e < options->exclude.count; e++) {
        const struct mlg_map *group = &options->exclude.items[e].group;
        if (is_met(run, scan, &options->exclude.items[e]))
            continue;
        const char *name =
            mlg_slice_text((const char *const *)group->keys, (const char *const *)group->values, group->count,
                           false, run->arena);
        mlg_run_warn(run, "'exclude' of '%s' names %s, which no row has: it leaves nothing out",
                     run->config->name, name ? name : "?");
    }
}

/* Which classes count as positive stands in the gate's title. */
static void tell_favourable(const struct mlg_gate_run *run, struct mlg_gate_result *result)
{
    enum { SHOWN = 8 };
    const struct fairness_options *options = run->config->options;
    const size_t count = options->favourable.count;
    const char *title = mlg_arena_format(run->arena, "%s, favourable", result->title);
    for (size_t i = 0; title && i < count && i < SHOWN; i++)
        title = mlg_arena_format(run->arena, "%s%s'%s'", title,
                                 i == 0           ? " "
                                 : i + 1 == count ? " and "
                                                  : ", ",
                                 options->favourable.items[i]);
    if (title && count > SHOWN)
        title = mlg_arena_format(run->arena, "%s and %zu more", title, count - SHOWN);
    if (title)
        result->title = title;
}

/* Is the column one of an attribute before this one? */
static bool was_met(const struct mlg_slicings *attributes, size_t before, const char *column)
{
    const struct mlg_slicings earlier = {attributes->items, before};
    return has_column(&earlier, column);
}

/* A group may be called NA: with its rows left out as missing, nobody would look at it. */
static void warn_of_missing(struct mlg_gate_run *run, const struct mlg_scan *scan)
{
    const struct fairness_options *options = run->config->options;
    const struct mlg_slicings *attributes = &options->attributes;
    for (size_t a = 0; options->exclude_missing && a < attributes->count; a++) {
        const struct mlg_slicing *attribute = &attributes->items[a];
        const struct mlg_slices *slices =
            &scan->slicings[find_crossing(run->state, NULL, attribute, NULL)->index];
        for (size_t c = 0; c < attribute->column_count; c++) {
            uint64_t rows = 0;
            for (size_t i = 0; i < slices->count; i++)
                rows += slices->items[i].values[c] ? 0 : slices->items[i].rows;
            const double share = scan->rows ? (double)rows / (double)scan->rows : 0;
            if (!(share > scan->data->max_missing) || was_met(attributes, a, attribute->columns[c]))
                continue;
            mlg_run_warn(run,
                         "'exclude_missing' of '%s' leaves out %s of %s rows (%.3g %%), whose '%s' is "
                         "missing: empty, or the text NA, nan or null",
                         run->config->name, mlg_count_text(rows, run->arena),
                         mlg_count_text(scan->rows, run->arena), 100 * share, attribute->columns[c]);
        }
    }
}

static int fairness_judge(struct mlg_gate_run *run, struct mlg_gate_result *result, struct mlg_error *error)
{
    const struct mlg_source *source = mlg_run_source(run, run->config->data);
    const struct fairness_options *options = run->config->options;
    const struct mlg_scan *scan = source->scan;
    struct collected into = {.result = result};
    if (options->favourable.count) {
        struct mlg_scan *collapsed;
        if (mlg_scan_collapse(scan, &options->favourable, run->arena, &collapsed, error) != MLG_OK)
            return (int)error->code;
        scan = collapsed;
        tell_favourable(run, result);
    }
    warn_of_unused_exclusions(run, scan);
    warn_of_missing(run, scan);
    for (size_t a = 0; a < options->attributes.count; a++) {
        const char *idle = idle_attribute(run->config, &options->attributes.items[a], run->arena);
        if (idle)
            mlg_run_warn(run, "%s", idle);
    }
    for (size_t c = 0; c < run->config->checks.count; c++) {
        int code = judge_check(run, scan, c, &into, error);
        if (code != MLG_OK)
            return code;
    }
    const struct fairness_state *state = run->state;
    result->error = mlg_unreached_slice(run->config, scan, state->within, state->within_count, run->arena);
    return MLG_OK;
}

/* ---- controls ------------------------------------------------------------------------------------ */

/* 400 rows a group, half of them positive; of every hundred positives and negatives so many are selected. */
static void write_groups(struct mlg_builder *out, const int selected[2])
{
    enum { ROWS = 400 };
    static const char *const groups[] = {"a", "b"};
    mlg_put(out, "group,label,prediction,score\n");
    for (int g = 0; g < 2; g++)
        for (int i = 0; i < ROWS; i++) {
            const int label = i % 2, place = i / 2 % 100;
            const int prediction = place < (label ? selected[g] : 100 - selected[g]);
            mlg_put_format(out, "%s,%d,%d,0.%02d\n", groups[g], label, prediction, place);
        }
}

static void write_even(struct mlg_builder *out)
{
    static const int selected[2] = {80, 80};
    write_groups(out, selected);
}

/* The second group's positives are selected half as often, and its negatives three times as often. */
static void write_uneven(struct mlg_builder *out)
{
    static const int selected[2] = {80, 40};
    write_groups(out, selected);
}

/* One tool of this kind reports the overall value for every group; here the groups' own differ by 0.4. */
static const char *groups_differ(const struct mlg_gate_result *result)
{
    const struct mlg_check_result *check = result->check_count ? &result->checks[0] : NULL;
    if (!check || check->group_count != 2 || !check->groups[0].estimate.known ||
        !check->groups[1].estimate.known)
        return "it does not tell of both groups";
    const double apart = fabs(check->groups[0].estimate.value - check->groups[1].estimate.value);
    return apart > 0.39 && apart < 0.41 ? NULL : "the groups' values are not their own";
}

#define CONTROL_CONFIG(checks)                                                                               \
    "version: 1\n"                                                                                           \
    "data: {control: {path: " MLG_CONTROL_PATH ", label: label, prediction: prediction, score: score}}\n"    \
    "gates: [{gate: fairness, attributes: [group], checks: [" checks "]}]\n"

static const struct mlg_control controls[] = {
    {.about = "a model that finds the positives of one group half as often",
     .config = CONTROL_CONFIG("tpr_difference <= 0.1, tpr_ratio >= 0.8, equalized_odds_difference <= 0.1"),
     .verdict = "fail",
     .data = write_uneven,
     .proves = groups_differ},
    {.about = "a model that treats two groups alike",
     .config = CONTROL_CONFIG("tpr_difference <= 0.15, selection_rate_ratio >= 0.8, "
                              "equalized_odds_difference <= 0.15, roc_auc_difference <= 0.2"),
     .verdict = "pass",
     .data = write_even},
    {.about = "a group that is smaller than it may be",
     .config = "version: 1\n"
               "data: {control: {path: " MLG_CONTROL_PATH ", label: label, prediction: prediction}}\n"
               "gates: [{gate: fairness, attributes: [group], min_group_rows: 500, checks: [tpr_difference "
               "<= 0.15]}]\n",
     .verdict = "inconclusive",
     .data = write_even},
    {0}};

const struct mlg_gate mlg_gate_fairness = {
    .name = "fairness",
    .about = "who does the model serve worse, and is it proven: groups compared with each other",
    .example = "selection_rate_ratio >= 0.8",
    .example_keys = "attributes: [sex], ",
    .quantities = mlg_disparities,
    .params = params,
    .options_size = sizeof(struct fairness_options),
    .defaults = &defaults,
    .controls = controls,
    .expand = fairness_expand,
    .check = fairness_check,
    .review = fairness_review,
    .doubt = fairness_doubt,
    .id_part = fairness_id_part,
    .plan = fairness_plan,
    .judge = fairness_judge,
};
