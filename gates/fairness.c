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
#include "mlgate/verdict.h"

struct fairness_options {
    struct mlg_slicings attributes;
    struct mlg_bins bins;
    struct mlg_exclusions exclude;
    double exclude_under;
    int64_t min_group_rows, min_group_positives, min_group_negatives;
    struct mlg_texts favourable;
    bool exclude_missing;
    int preset;
};

enum { PRESET_NONE, PRESET_FOUR_FIFTHS, PRESET_EQUALIZED_ODDS, PRESET_NYC_LL144 };
static const char *const presets[] = {"none", "four_fifths", "equalized_odds", "nyc_ll144", NULL};

#define OPTION(field, kind) MLG_FIELD(struct fairness_options, field, kind)

static const struct mlg_param params[] = {
    {.name = "attributes",
     OPTION(attributes, slices),
     .argument = "ATTRIBUTE",
     .group = "groups",
     .help = "the columns whose values are the groups, and their crosses, such as sex, race, sex*race",
     .unset = "it has to be given"},
    {.name = "bins",
     OPTION(bins, bins),
     .argument = "COLUMN=CUTS",
     .group = "groups",
     .help = "cut points that make groups of a column of numbers, such as {age: [25, 45, 65]}",
     .unset = "every value is a group"},
    {.name = "exclude",
     OPTION(exclude, exclusions),
     .argument = "GROUP",
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
     .group = "groups",
     .help = "groups with a smaller share of the rows are left out; they are listed"},
    {.name = "exclude_missing",
     OPTION(exclude_missing, boolean),
     .argument = "BOOLEAN",
     .group = "groups",
     .help = "rows whose attribute is missing are no group; they are counted and listed"},
    {.name = "min_group_rows",
     OPTION(min_group_rows, integer),
     .minimum = 0,
     .maximum = 1e12,
     .argument = "ROWS",
     .group = "groups",
     .help = "a group with fewer rows makes every pass inconclusive, unless exclude names it"},
    {.name = "min_group_positives",
     OPTION(min_group_positives, integer),
     .minimum = 0,
     .maximum = 1e12,
     .argument = "ROWS",
     .group = "groups",
     .help = "the same for rows that are labelled positive"},
    {.name = "min_group_negatives",
     OPTION(min_group_negatives, integer),
     .minimum = 0,
     .maximum = 1e12,
     .argument = "ROWS",
     .group = "groups",
     .help = "the same for rows that are labelled otherwise"},
    {.name = "favourable",
     OPTION(favourable, texts),
     .argument = "LABEL",
     .group = "groups",
     .help = "the classes that are good for whom they are given to; together they are the positive class",
     .unset = "the positive class alone"},
    {.name = "preset",
     OPTION(preset, choice),
     .choices = presets,
     .argument = "NAME",
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
                            b->is_comparison || a->declared_count || b->declared_count || !text;
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
    cross_attributes(options, arena, list);
    if (!is_given(config, "exclude_under")) {
        options->exclude_under = 0.02;
        *origin_of(config, "exclude_under") = node->origin;
    }
    if (!is_given(config, "exclude_missing")) {
        options->exclude_missing = true;
        *origin_of(config, "exclude_missing") = node->origin;
    }
    mlg_gate_add_check(config, "selection_rate_ratio >= 0.8", false, because, node, arena);
    if (data && (data->score.column || data->score.map.count))
        mlg_gate_add_check(config, "scoring_rate_ratio", true, NULL, node, arena);
}

static void fairness_expand(struct mlg_gate_config *config, const struct mlg_suite *suite,
                            struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const struct fairness_options *options = config->options;
    const struct mlg_node *node = config->node ? mlg_node_get(config->node, "preset") : NULL;
    if (!node)
        node = config->node;
    switch (options->preset) {
    case PRESET_FOUR_FIFTHS:
        mlg_gate_add_check(config, "selection_rate_ratio >= 0.8", true,
                           "the four-fifths rule of the EEOC, 29 CFR 1607.4(D)", node, arena);
        break;
    case PRESET_EQUALIZED_ODDS:
        mlg_gate_add_check(config, "equalized_odds_difference <= 0.1", true,
                           "equalized odds, Hardt et al. 2016; 0.1 is a convention", node, arena);
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

static void check_one(const struct mlg_gate_config *config, const struct mlg_check_config *item,
                      struct mlg_arena *arena, struct mlg_diagnostics *list)
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
    mlg_disparity_range(&call, &minimum, &maximum);
    if (check->comparator != MLG_NO_COMPARATOR &&
        mlg_limit_judge(check->comparator, &check->limit, minimum, maximum) == MLG_LIMIT_IMPOSSIBLE)
        mlg_node_diagnose(list, MLG_ERROR, item->node, "'%s' can never hold: %s lies between %g and %g",
                          check->written, name, minimum, maximum);
    const int method = mlg_settings_method(&item->settings);
    if (!takes(&call, method))
        mlg_node_diagnose(list, MLG_ERROR, item->node, "'interval: %s' is not for %s; use %s",
                          mlg_methods[method].name, name, mlg_settings_methods(takes, &call, arena));
    check_attribute(config, item, &call, arena, list);
    for (size_t p = 0; options->favourable.count && p < call.part_count; p++)
        if (call.parts[p].metric->reads & (MLG_READS_SCORE | MLG_READS_PROBABILITY | MLG_READS_LABEL_NUMBER))
            mlg_node_diagnose(
                list, MLG_ERROR, item->node,
                "'favourable' makes one class of several, and '%s' reads scores or numbers; quantities "
                "of labels and predictions, such as selection_rate_ratio, have such a class",
                name);
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

static void fairness_check(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                           struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    const struct fairness_options *options = config->options;
    (void)suite;
    if (options->attributes.count == 0)
        mlg_node_diagnose(
            list, MLG_ERROR, config->node,
            "'attributes' is missing in the gate '%s'; it names the columns whose values are the "
            "groups, as in attributes: [sex, race, sex*race]",
            config->name);
    check_columns(config, list);
    for (size_t i = 0; i < config->checks.count; i++) {
        for (size_t j = 0; j < i; j++)
            if (strcmp(config->checks.items[i].check.written, config->checks.items[j].check.written) == 0)
                mlg_node_diagnose(list, MLG_ERROR, config->checks.items[i].node,
                                  "the check '%s' is written twice", config->checks.items[i].check.written);
        check_one(config, &config->checks.items[i], arena, list);
    }
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

static const struct mlg_bin *bins_of(const struct fairness_options *options, const char *column)
{
    for (size_t i = 0; i < options->bins.count; i++)
        if (strcmp(options->bins.items[i].column, column) == 0)
            return &options->bins.items[i];
    return NULL;
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
    mlg_plan_limit_slices(source->plan, 2 * (size_t)MLG_GROUPS);
    for (size_t i = 0; i < config->checks.count; i++) {
        struct planned_check *planned = &state->checks[i];
        if (mlg_disparity_resolve(&config->checks.items[i].check, run->arena, &planned->call, &planned->name,
                                  &planned->error) == MLG_OK)
            mlg_disparity_plan(&planned->call, source->plan, &planned->error);
    }
    /* Labels are counted by group where they are known at all: for the table of groups, and for floors. */
    const bool floors = options->min_group_positives > 0 || options->min_group_negatives > 0;
    const bool labelled = mlg_plan_reads(source->plan, MLG_READS_LABEL | MLG_READS_POSITIVE,
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
    uint64_t rows, positives;
    const char *left_out; /* why it does not count: excluded, or too small; NULL: it counts */
    bool is_small;        /* under a floor: a pass is impossible */
    bool is_absent;       /* declared, and no row has it */
    size_t place;         /* among those that count */
};

struct found {
    struct found_group *items;
    size_t count, counting;
    uint64_t rows, undeclared;
    bool has_labels;
};

/* Everything one check looks at: one attribute, within all rows or within one slice of an entry. */
struct task {
    const struct mlg_gate_run *run;
    const struct fairness_state *state;
    const struct mlg_scan *scan;
    size_t check;
    const struct mlg_slicing *within, *attribute; /* attribute NULL: all rows matter, not the groups */
    size_t within_slicing, within_slice;
    struct found found;
    struct mlg_arena *scratch;
};

static bool equal_values(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool lies_within(const struct task *task, const struct mlg_slice *slice)
{
    const size_t columns = task->within ? task->within->column_count : 0;
    const struct mlg_slice *whole = &task->scan->slicings[task->within_slicing].items[task->within_slice];
    for (size_t c = 0; c < columns; c++)
        if (!equal_values(slice->values[c], whole->values[c]))
            return false;
    return true;
}

static bool is_declared(const struct mlg_slicing *attribute, const char *value)
{
    for (size_t i = 0; i < attribute->declared_count; i++)
        if (value && strcmp(attribute->declared[i], value) == 0)
            return true;
    return attribute->declared_count == 0;
}

static const char *slice_name(const char *const *columns, const char *const *values, size_t count,
                              struct mlg_arena *arena)
{
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    mlg_put_slice_name(&text, columns, values, count, false);
    const char *name = text.failed ? NULL : mlg_arena_copy(arena, text.data, text.size);
    mlg_builder_free(&text);
    return name;
}

/* Rows labelled positive. */
static uint64_t count_positives(const struct mlg_scan *scan, size_t slicing, size_t slice)
{
    const struct mlg_tally *tally = mlg_scan_tally(scan, slicing, slice);
    uint64_t count = 0;
    if (!tally || !tally->count || scan->classes.positive < 0)
        return 0;
    for (size_t p = 0; p < tally->classes; p++)
        count += tally->count[(size_t)scan->classes.positive * tally->classes + p];
    return count;
}

static const char *exclusion_of(const struct fairness_options *options, const struct found_group *group,
                                size_t columns)
{
    for (size_t e = 0; e < options->exclude.count; e++) {
        const struct mlg_exclusion *exclusion = &options->exclude.items[e];
        size_t met = 0;
        for (size_t k = 0; k < exclusion->group.count; k++)
            for (size_t c = 0; c < columns; c++)
                met += strcmp(group->columns[c], exclusion->group.keys[k]) == 0 && group->values[c] &&
                       strcmp(group->values[c], exclusion->group.values[k]) == 0;
        if (met == exclusion->group.count)
            return exclusion->reason;
    }
    return NULL;
}

static void judge_group(const struct task *task, struct found_group *group)
{
    const struct fairness_options *options = task->run->config->options;
    struct mlg_arena *arena = task->run->arena;
    const char *reason = exclusion_of(options, group, task->attribute->column_count);
    const struct {
        int64_t least;
        uint64_t rows;
        const char *what;
    } floors[] = {{options->min_group_rows, group->rows, "rows"},
                  {options->min_group_positives, group->positives, "positives"},
                  {options->min_group_negatives, group->rows - group->positives, "negatives"}};
    if (group->is_absent)
        return;
    if (options->exclude_missing)
        for (size_t c = 0; c < task->attribute->column_count; c++)
            if (!group->values[c]) {
                group->left_out = "left out: the attribute is not known";
                return;
            }
    if (reason) {
        group->left_out = mlg_arena_format(arena, "left out: %s", reason);
        return;
    }
    if ((double)group->rows < options->exclude_under * (double)task->found.rows) {
        group->left_out =
            mlg_arena_format(arena, "left out: under %g %% of the rows", 100 * options->exclude_under);
        return;
    }
    for (size_t i = 0; i < sizeof floors / sizeof *floors; i++)
        if (floors[i].least > 0 && floors[i].rows < (uint64_t)floors[i].least) {
            group->is_small = true;
            group->left_out = mlg_arena_format(arena, "%llu %s, under min_group_%s %lld",
                                               (unsigned long long)floors[i].rows, floors[i].what,
                                               floors[i].what, (long long)floors[i].least);
            return;
        }
}

static bool add_group(struct task *task, const struct crossing *crossing, size_t index, const char *absent)
{
    const size_t skipped = crossing->within ? crossing->within->column_count : 0;
    const size_t columns = task->attribute->column_count;
    struct found_group *group = &task->found.items[task->found.count++];
    const struct mlg_slices *slices = &task->scan->slicings[crossing->index];
    if (absent) {
        const char **value = MLG_NEW(task->run->arena, const char *);
        if (!value)
            return false;
        *value = absent;
        *group =
            (struct found_group){.columns = task->attribute->columns, .values = value, .is_absent = true};
    } else {
        const struct mlg_slice *slice = &slices->items[index];
        *group = (struct found_group){.slice = slice,
                                      .index = index,
                                      .columns = task->attribute->columns,
                                      .values = slice->values + skipped,
                                      .rows = slice->rows,
                                      .positives = count_positives(task->scan, crossing->index, index)};
    }
    group->name = slice_name(group->columns, group->values, columns, task->run->arena);
    return group->name != NULL;
}

static bool find_groups(struct task *task)
{
    const struct crossing *crossing = find_crossing(task->state, task->within, task->attribute, NULL);
    const struct mlg_slices *slices = &task->scan->slicings[crossing->index];
    const size_t skipped = task->within ? task->within->column_count : 0;
    struct found *found = &task->found;
    const struct mlg_tally *tally = mlg_scan_tally(task->scan, task->within_slicing, task->within_slice);
    found->items = MLG_NEW_ARRAY(task->run->arena, struct found_group,
                                 slices->count + task->attribute->declared_count + 1);
    found->has_labels = tally && tally->count && task->scan->classes.positive >= 0;
    found->rows = task->scan->slicings[task->within_slicing].items[task->within_slice].rows;
    if (!found->items)
        return false;
    for (size_t i = 0; i < slices->count; i++) {
        if (!lies_within(task, &slices->items[i]))
            continue;
        if (!is_declared(task->attribute, slices->items[i].values[skipped]))
            found->undeclared += slices->items[i].rows;
        else if (!add_group(task, crossing, i, NULL))
            return false;
    }
    for (size_t d = 0; d < task->attribute->declared_count; d++) {
        bool met = false;
        for (size_t g = 0; g < found->count; g++)
            met = met || equal_values(found->items[g].values[0], task->attribute->declared[d]);
        if (!met && !add_group(task, crossing, 0, task->attribute->declared[d]))
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

/* "Male", or of a cross its values joined: "Male*White"; or the group's whole name. */
static bool is_named(const struct found_group *group, size_t columns, const char *name,
                     struct mlg_arena *arena)
{
    const char *joined = "";
    for (size_t c = 0; joined && c < columns; c++)
        joined = mlg_arena_format(arena, "%s%s%s", joined, c ? "*" : "",
                                  group->values[c] ? group->values[c] : "(missing)");
    return strcmp(group->name, name) == 0 || (joined && strcmp(joined, name) == 0);
}

static int find_reference(const struct task *task, const char *name, struct mlg_groups *groups,
                          struct mlg_error *error)
{
    const struct found *found = &task->found;
    const char **names = MLG_NEW_ARRAY(task->scratch, const char *, found->count + 1);
    groups->reference = -1;
    if (!name)
        return MLG_OK;
    for (size_t g = 0; g < found->count; g++) {
        const struct found_group *group = &found->items[g];
        if (!group->is_absent && is_named(group, task->attribute->column_count, name, task->scratch)) {
            if (group->left_out)
                return mlg_error_set(error, MLG_DATA, "the reference group %s does not count: %s",
                                     group->name, group->left_out);
            groups->reference = (int64_t)group->place;
            return MLG_OK;
        }
        if (names)
            names[g] =
                group->values[0] && task->attribute->column_count == 1 ? group->values[0] : group->name;
    }
    const char *near = names ? mlg_nearest(name, names, found->count) : NULL;
    return mlg_error_set(error, MLG_DATA, "no group is the reference '%s'%s%s%s", name,
                         near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
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
        if (!lies_within(task, slice))
            continue;
        for (; g < task->found.count; g++) {
            const struct found_group *group = &task->found.items[g];
            size_t same = 0;
            for (size_t c = 0; c < columns; c++)
                same += equal_values(group->values[c], slice->values[skipped + c]);
            if (!group->left_out && !group->is_absent && same == columns)
                break;
        }
        if (g == task->found.count)
            continue;
        const char *stratum = slice->values[skipped + columns];
        while (s < groups->strata_count && !equal_values(names[s], stratum))
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
    const struct mlg_call *call = &task->state->checks[task->check].call;
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
    int code = find_reference(task, call->arguments.reference, groups, error);
    if (code == MLG_OK && call->arguments.strata)
        code = find_cells(task, call->arguments.strata, groups, error);
    return code;
}

/* ---- what a reader is told ------------------------------------------------------------------------- */

static void add_note(struct mlg_check_result *result, struct mlg_arena *arena, const char *text)
{
    enum { NOTES = 8 };
    if (!result->notes)
        result->notes = MLG_NEW_ARRAY(arena, const char *, NOTES);
    if (result->notes && text && result->note_count < NOTES)
        result->notes[result->note_count++] = text;
}

/* "sex=Female 0.412 (82 of 199)" */
static const char *describe(const struct mlg_evidence *evidence, const char *name, struct mlg_arena *arena)
{
    if (evidence->kind == MLG_PROPORTION)
        return mlg_arena_format(arena, "%s %.3f (%llu of %llu)", name, evidence->value,
                                (unsigned long long)evidence->numerator,
                                (unsigned long long)evidence->denominator);
    return mlg_arena_format(arena, "%s %.3f (%llu rows)", name, evidence->value,
                            (unsigned long long)evidence->n);
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
};

static const char *side(const struct told *told, size_t part, size_t group)
{
    const struct mlg_groups *groups = told->groups;
    if (part >= told->outcome->part_count)
        return group < groups->count ? groups->items[group].name : "all rows";
    const struct mlg_evidence *evidence = &told->outcome->parts[part][group];
    return describe(evidence, group < groups->count ? groups->items[group].name : "all rows", told->arena);
}

/* "tpr of sex=Female 0.41 (82 of 199) against sex=Male 0.62 (310 of 500)" */
static const char *pair_sentence(const struct told *told, const struct mlg_deciding *deciding)
{
    const size_t parts = told->outcome->part_count;
    const char *rate = parts > 1 ? told->outcome->part_names[deciding->part] : NULL;
    const char *a = side(told, deciding->part, deciding->a);
    if (deciding->a == deciding->b)
        return a;
    const char *b = side(told, deciding->part, deciding->b);
    return a && b ? mlg_arena_format(told->arena, "%s%s%s against %s", rate ? rate : "", rate ? " of " : "",
                                     a, b)
                  : NULL;
}

/* How many rows of either group, where the check says how many in all. */
static const char *rows_sentence(const struct told *told, const struct mlg_deciding *deciding)
{
    const struct mlg_groups *groups = told->groups;
    const struct mlg_scan *scan = told->task->scan;
    if (!told->result->rows_needed.known || told->evidence->n == 0 || deciding->a == deciding->b ||
        deciding->b >= groups->count)
        return NULL;
    const double times = told->result->rows_needed.value / (double)told->evidence->n;
    const struct mlg_group *a = &groups->items[deciding->a], *b = &groups->items[deciding->b];
    return mlg_arena_format(
        told->arena, "about %llu rows of %s and %llu of %s",
        (unsigned long long)round_up(times * (double)scan->slicings[a->slicing].items[a->slice].rows),
        a->name,
        (unsigned long long)round_up(times * (double)scan->slicings[b->slicing].items[b->slice].rows),
        b->name);
}

static void tell_pair(const struct told *told, const struct mlg_settings *settings)
{
    struct mlg_deciding deciding;
    struct mlg_check_result *result = told->result;
    const bool beyond = result->verdict == MLG_FAIL && strcmp(result->decided_by, "interval") == 0;
    if (!mlg_disparity_deciding(told->evidence, settings->confidence, beyond, &deciding) ||
        deciding.a >= told->groups->count)
        return;
    const char *pair = pair_sentence(told, &deciding), *rows = rows_sentence(told, &deciding);
    if (!pair)
        return;
    result->method = mlg_methods[deciding.method].name;
    if (result->verdict == MLG_PASS || !result->reason)
        add_note(
            result, told->arena,
            mlg_arena_format(told->arena, deciding.a == deciding.b ? "worst group: %s" : "widest: %s", pair));
    else
        result->reason = rows ? mlg_arena_format(told->arena, "%s: %s; %s", result->reason, pair, rows)
                              : mlg_arena_format(told->arena, "%s: %s", result->reason, pair);
}

/* How many more (or fewer) successes in the worse group would bring the bare estimate to its limit; and the
 * tests that procedures for employment ask for. Selection rates alone: those are decisions that could be
 * taken otherwise. */
static void tell_practice(const struct told *told)
{
    const struct mlg_call *call = &told->task->state->checks[told->task->check].call;
    const struct mlg_check_config *item = &told->task->run->config->checks.items[told->task->check];
    const struct mlg_groups *groups = told->groups;
    struct mlg_evidence *const rates = told->outcome->part_count == 1 ? told->outcome->parts[0] : NULL;
    size_t low = 0, high = 0;
    if (!rates || strcmp(told->outcome->part_names[0], "selection_rate") != 0 || groups->count < 2 ||
        !call->metric->kernel)
        return;
    for (size_t g = 0; g < groups->count; g++) {
        if (rates[g].kind != MLG_PROPORTION)
            return;
        low = rates[g].value < rates[low].value ? g : low;
        high = rates[g].value > rates[high].value ? g : high;
    }
    const struct mlg_rate a = {(double)rates[low].numerator, (double)rates[low].denominator};
    const struct mlg_rate b = {(double)rates[high].numerator, (double)rates[high].denominator};
    if (low == high)
        return;
    if (item->check.comparator != MLG_NO_COMPARATOR &&
        !mlg_meets(told->evidence, item->check.comparator, &item->check.limit)) {
        const bool ratio = mlg_disparity_is_lower_better(call) == false;
        const double wanted = ratio ? item->check.limit.value * b.successes / b.trials
                                    : b.successes / b.trials - item->check.limit.value;
        const double more = ceil(wanted * a.trials - a.successes - 1e-9);
        if (more > 0 && a.successes + more <= a.trials)
            add_note(told->result, told->arena,
                     mlg_arena_format(told->arena,
                                      "%.0f more selection%s in %s would bring the estimate to the limit",
                                      more, more > 1 ? "s" : "", groups->items[low].name));
    }
    if (a.trials + b.trials < 2147483648.0)
        add_note(told->result, told->arena,
                 mlg_arena_format(told->arena,
                                  "%s against %s, equal rates: Fisher's exact p = %.3g, z = %.2f",
                                  groups->items[low].name, groups->items[high].name, mlg_fisher_exact(a, b),
                                  mlg_pooled_z(a, b)));
}

static void tell_left_out(const struct told *told)
{
    const struct found *found = &told->task->found;
    const char *list = NULL;
    size_t count = 0;
    enum { SHOWN = 5 };
    for (size_t g = 0; g < found->count; g++) {
        const struct found_group *group = &found->items[g];
        if (!group->left_out)
            continue;
        if (count++ < SHOWN)
            list = mlg_arena_format(told->arena, "%s%s%s (%llu rows) %s", list ? list : "", list ? "; " : "",
                                    group->name, (unsigned long long)group->rows, group->left_out);
    }
    if (count > SHOWN && list)
        list = mlg_arena_format(told->arena, "%s; and %zu more", list, count - SHOWN);
    if (list)
        add_note(told->result, told->arena, list);
    if (found->undeclared)
        add_note(told->result, told->arena,
                 mlg_arena_format(told->arena, "%llu rows are in groups that 'attributes' does not declare",
                                  (unsigned long long)found->undeclared));
}

/* ---- the table of groups ---------------------------------------------------------------------------- */

struct ranked_group {
    struct mlg_group_result result;
    bool counts;
    double badness;
};

static int by_badness(const void *a, const void *b)
{
    const struct ranked_group *x = a, *y = b;
    if (x->counts != y->counts)
        return x->counts ? -1 : 1;
    return (x->badness < y->badness) - (x->badness > y->badness);
}

/* Of two groups the better one has the higher value, where the quantity or a ratio of it says so. */
static bool is_higher_better(const struct mlg_call *call)
{
    return call->part_count == 0 || call->parts[0].metric->direction != MLG_LOWER_IS_BETTER;
}

static struct mlg_optional known(double value)
{
    return (struct mlg_optional){isfinite(value), value};
}

static bool make_table(const struct told *told, const struct mlg_settings *settings)
{
    const struct task *task = told->task;
    const struct mlg_call *call = &task->state->checks[task->check].call;
    const struct found *found = &task->found;
    const bool measured = told->outcome->part_count > 0, higher = is_higher_better(call);
    const bool ratio = call->metric->direction == MLG_HIGHER_IS_BETTER;
    struct ranked_group *ranked = MLG_NEW_ARRAY(task->scratch, struct ranked_group, found->count + 1);
    struct mlg_check_result *result = told->result;
    double best = (double)NAN;
    result->groups = MLG_NEW_ARRAY(told->arena, struct mlg_group_result, found->count);
    if (!ranked || (found->count && !result->groups))
        return false;
    for (size_t g = 0; measured && g < told->groups->count; g++) {
        const double value = told->outcome->parts[0][g].value;
        if (isnan(best) || (higher ? value > best : value < best))
            best = value;
    }
    for (size_t g = 0; g < found->count; g++) {
        const struct found_group *group = &found->items[g];
        struct mlg_group_result *row = &ranked[g].result;
        const size_t columns = task->attribute->column_count;
        row->group = MLG_NEW_ARRAY(told->arena, struct mlg_pair, columns);
        if (!row->group)
            return false;
        for (size_t c = 0; c < columns; c++)
            row->group[row->group_count++] = (struct mlg_pair){group->columns[c], group->values[c]};
        row->n = group->rows;
        row->note = group->is_absent ? "declared, and no row has it" : group->left_out;
        if (found->has_labels && !group->is_absent)
            row->positives = known((double)group->positives);
        ranked[g].counts = !group->left_out && !group->is_absent;
        if (!ranked[g].counts || !measured)
            continue;
        const struct mlg_evidence *evidence = &told->outcome->parts[0][group->place];
        const struct mlg_bounds bounds = mlg_interval(evidence, settings->confidence, MLG_METHOD_COUNT, 1);
        row->estimate = known(evidence->value);
        if (bounds.known) {
            row->lower = known(bounds.lower);
            row->upper = known(bounds.upper);
        }
        if (evidence->kind == MLG_PROPORTION) {
            row->count = known((double)evidence->numerator);
            row->of = known((double)evidence->denominator);
        }
        row->disparity = known(ratio ? evidence->value / best : fabs(evidence->value - best));
        ranked[g].badness = higher ? -evidence->value : evidence->value;
    }
    qsort(ranked, found->count, sizeof *ranked, by_badness);
    for (size_t g = 0; g < found->count; g++)
        result->groups[result->group_count++] = ranked[g].result;
    result->group_quantity = measured ? told->outcome->part_names[0] : NULL;
    return true;
}

/* ---- judge ------------------------------------------------------------------------------------------ */

static const char *keep_text(struct mlg_arena *arena, const char *text)
{
    return text[0] ? mlg_arena_copy(arena, text, strlen(text)) : NULL;
}

/* A group under its floor: what is proven of the others is proven, but "all groups are inside" is not. */
static void respect_floors(const struct told *told)
{
    const struct found *found = &told->task->found;
    struct mlg_check_result *result = told->result;
    for (size_t g = 0; g < found->count; g++) {
        const struct found_group *group = &found->items[g];
        const bool is_lost = result->verdict == MLG_VERDICT_ERROR && !result->estimate.known;
        if (!group->is_small || (result->verdict != MLG_PASS && !is_lost))
            continue;
        result->verdict = MLG_INCONCLUSIVE;
        result->reason = mlg_arena_format(
            told->arena,
            "%s has %s: what all groups together are is not known; bring more rows, or name it in "
            "'exclude' with a reason",
            group->name, group->left_out);
        return;
    }
}

static void refuse_absent(const struct told *told)
{
    const struct found *found = &told->task->found;
    for (size_t g = 0; g < found->count; g++)
        if (found->items[g].is_absent) {
            told->result->verdict = MLG_VERDICT_ERROR;
            told->result->reason = mlg_arena_format(told->arena, "no row has %s, which 'attributes' declares",
                                                    found->items[g].name);
            return;
        }
}

static void set_value(const struct mlg_evidence *evidence, const struct mlg_bounds *bounds,
                      struct mlg_check_result *result)
{
    result->n = evidence->n;
    if (evidence->kind != MLG_UNDEFINED && isfinite(evidence->value))
        result->estimate = (struct mlg_optional){true, evidence->value};
    result->method = mlg_methods[bounds->known ? bounds->method : MLG_METHOD_NONE].name;
    if (!bounds->known)
        return;
    result->lower = (struct mlg_optional){isfinite(bounds->lower), bounds->lower};
    result->upper = (struct mlg_optional){isfinite(bounds->upper), bounds->upper};
}

static int judge_value(struct told *told)
{
    const struct task *task = told->task;
    const struct mlg_check_config *item = &task->run->config->checks.items[task->check];
    struct mlg_check_result *result = told->result;
    /* The groups' method was chosen with the comparison; here there is one left. */
    struct mlg_settings settings = item->settings;
    settings.interval = 0;
    if (item->check.comparator == MLG_NO_COMPARATOR) {
        const struct mlg_bounds bounds =
            mlg_interval(told->evidence, settings.confidence, MLG_METHOD_COUNT, 1);
        set_value(told->evidence, &bounds, result);
        result->reason = keep_text(told->arena, told->evidence->reason);
        result->verdict = MLG_NOT_APPLICABLE;
    } else {
        struct mlg_judgement judgement;
        mlg_judge(told->evidence, item->check.comparator, &item->check.limit, &settings, &judgement);
        set_value(told->evidence, &judgement.bounds, result);
        result->verdict = judgement.verdict;
        result->decided_by = judgement.decided_by;
        result->fail_probability = judgement.fail_probability;
        if (judgement.rows_needed)
            result->rows_needed = (struct mlg_optional){true, (double)judgement.rows_needed};
        result->reason = keep_text(told->arena, judgement.reason);
    }
    if (told->evidence->note[0])
        add_note(result, told->arena, keep_text(told->arena, told->evidence->note));
    if (told->evidence->kind != MLG_UNDEFINED)
        tell_pair(told, &settings);
    tell_practice(told);
    if (item->check.comparator != MLG_NO_COMPARATOR) {
        double minimum, maximum;
        mlg_disparity_range(&task->state->checks[task->check].call, &minimum, &maximum);
        result->limit_never_fails = mlg_limit_judge(item->check.comparator, &item->check.limit, minimum,
                                                    maximum) == MLG_LIMIT_NEVER_FAILS;
        respect_floors(told);
        refuse_absent(told);
    }
    tell_left_out(told);
    return task->attribute && !make_table(told, &settings) ? MLG_LIMIT : MLG_OK;
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
        result->verdict = MLG_VERDICT_ERROR;
        result->reason = planned->error.text;
        return MLG_OK;
    }
    if (strcmp(planned->name, result->quantity) != 0)
        add_note(result, task->run->arena,
                 mlg_arena_format(task->run->arena, "%s is %s", result->quantity, planned->name));
    if (task->attribute && !find_groups(task))
        return mlg_error_set(error, MLG_LIMIT, "no memory for the groups");
    int code = gather(task, &groups, &own);
    if (code == MLG_OK)
        code = mlg_disparity_evaluate(&planned->call, &view, &groups, &evidence, &outcome, &own);
    if (code == MLG_CONFIG || code == MLG_DATA) {
        result->verdict = MLG_VERDICT_ERROR;
        result->reason = keep_text(task->run->arena, own.text);
        return MLG_OK;
    }
    if (code != MLG_OK) {
        *error = own;
        return code;
    }
    struct told told = {task, &groups, &outcome, &evidence, result, task->run->arena};
    code = judge_value(&told);
    return code == MLG_OK ? MLG_OK : mlg_error_set(error, MLG_LIMIT, "no memory to tell of groups");
}

/* What the result says before anything was measured. */
static bool begin(const struct task *task, struct mlg_check_result *result)
{
    const struct mlg_gate_config *config = task->run->config;
    const struct mlg_check_config *item = &config->checks.items[task->check];
    const struct planned_check *planned = &task->state->checks[task->check];
    struct mlg_arena *arena = task->run->arena;
    const struct mlg_slice *slice = &task->scan->slicings[task->within_slicing].items[task->within_slice];
    mlg_check_result_begin(result, config, item, arena);
    result->warns_only = item->settings.on_inconclusive == MLG_WARN;
    if (task->attribute) {
        struct mlg_pair *arguments = MLG_NEW_ARRAY(arena, struct mlg_pair, result->argument_count + 1);
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
        result->arguments = arguments;
        result->argument_count = count;
        if (!planned->call.arguments.attribute)
            result->id = mlg_arena_format(arena, "%s / attribute=%s", result->id, task->attribute->written);
    }
    if (task->within) {
        const char *name = slice_name(slice->columns, slice->values, slice->column_count, arena);
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
    mlg_arena_free(&scratch);
    if (code == MLG_OK)
        code = add_result(into, &result, task->run->arena);
    return code == MLG_OK || error->code ? code
                                         : mlg_error_set(error, MLG_LIMIT, "no memory to judge the groups");
}

/* Does the check run on this slice, by its `on`? */
static bool runs_on(const struct task *task, const struct mlg_settings *settings)
{
    const struct mlg_slice *slice = &task->scan->slicings[task->within_slicing].items[task->within_slice];
    for (size_t i = 0; i < settings->on.count; i++) {
        struct mlg_on on;
        if (mlg_on_parse(settings->on.items[i], &on, task->run->arena) &&
            mlg_on_covers(&on, task->within, slice->values))
            return true;
    }
    return settings->on.count == 0;
}

static int judge_check(struct mlg_gate_run *run, const struct mlg_scan *scan, size_t check,
                       struct collected *into, struct mlg_error *error)
{
    const struct fairness_state *state = run->state;
    const struct fairness_options *options = run->config->options;
    const struct planned_check *planned = &state->checks[check];
    const struct mlg_settings *settings = &run->config->checks.items[check].settings;
    const bool of_all_rows = planned->error.code == MLG_OK && mlg_disparity_is_of_all_rows(&planned->call);
    for (size_t s = 0; s < state->within_count; s++) {
        const struct mlg_slices *slices = &scan->slicings[state->within[s]];
        for (size_t i = 0; i < slices->count; i++)
            for (size_t a = 0; a < (of_all_rows ? 1 : options->attributes.count); a++) {
                struct task task = {.run = run,
                                    .state = state,
                                    .scan = scan,
                                    .check = check,
                                    .within = within_of(run->config, s),
                                    .attribute = of_all_rows ? NULL : &options->attributes.items[a],
                                    .within_slicing = state->within[s],
                                    .within_slice = i};
                if (!runs_on(&task, settings) || (task.attribute && planned->error.code == MLG_OK &&
                                                  !is_about(&planned->call, task.attribute, run->arena)))
                    continue;
                int code = run_task(&task, into, error);
                if (code != MLG_OK)
                    return code;
            }
    }
    return MLG_OK;
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
    }
    for (size_t c = 0; c < run->config->checks.count; c++) {
        int code = judge_check(run, scan, c, &into, error);
        if (code != MLG_OK)
            return code;
    }
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
    .params = params,
    .options_size = sizeof(struct fairness_options),
    .defaults = &defaults,
    .controls = controls,
    .expand = fairness_expand,
    .check = fairness_check,
    .plan = fairness_plan,
    .judge = fairness_judge,
};
