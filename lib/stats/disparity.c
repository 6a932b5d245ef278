/* disparity: the table of what is compared between groups, what a check's quantity means, and the comparison
 * of rates. */
#include "disparity_private.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlgate/text.h"

/* ---- the table ---------------------------------------------------------------------------------- */

#define DISPARITY(name) extern const struct mlg_metric mlg_disparity_##name;
#include "disparities.def"
#undef DISPARITY

#define DISPARITY(name) &mlg_disparity_##name,
const struct mlg_metric *const mlg_disparities[] = {
#include "disparities.def"
    NULL};
#undef DISPARITY

static const struct mlg_disparity_kernel *kernel_of(const struct mlg_metric *metric)
{
    return metric->kernel;
}

/* ---- arguments ---------------------------------------------------------------------------------- */

#define ARGUMENT(field, kind) MLG_FIELD(struct mlg_metric_arguments, field, kind)

static const char *const overalls[] = {"between_groups", "to_overall", NULL};
static const char *const aggs[] = {"worst_case", "mean", NULL};

const struct mlg_param mlg_disparity_params[] = {
    {.name = "attribute",
     ARGUMENT(attribute, text),
     .argument = "ATTRIBUTE",
     .help = "the entry of attributes whose values are the groups",
     .unset = "each attribute in turn"},
    {.name = "method",
     ARGUMENT(method, choice),
     .choices = overalls,
     .argument = "WHAT",
     .help = "what a group is compared with: between_groups (every other group) or to_overall (all rows)"},
    {.name = "reference",
     ARGUMENT(reference, text),
     .argument = "VALUE",
     .help = "the group that every other one is compared with; of a cross its values joined by *, or the "
             "group as reports name it",
     .unset = "that of the gate; without one every pair of groups is compared"},
    {.name = "agg",
     ARGUMENT(agg, choice),
     .choices = aggs,
     .argument = "HOW",
     .help = "how the two rates are combined: worst_case or mean"},
    {.name = "strata",
     ARGUMENT(strata, text),
     .argument = "COLUMN",
     .unset = "it has to be given",
     .help = "the column within whose values the groups are compared"},
    {.name = "alpha",
     ARGUMENT(entropy_alpha, number),
     .minimum = -100,
     .maximum = 100,
     .argument = "NUMBER",
     .help = "how much large benefits count against small ones: 1 is Theil's index, 2 half the squared "
             "coefficient of variation"},
    {.name = "concentration",
     ARGUMENT(concentration, number),
     .minimum = 0,
     .maximum = 1000000,
     .minimum_open = true,
     .argument = "NUMBER",
     .help = "rows that are added to every group, half of them selected, against rates of 0"},
    {0}};

/* ---- resolve ------------------------------------------------------------------------------------ */

/* Words for the rates that the accuracy gate does not know, or knows as another name of another word. */
static const struct {
    const char *word, *metric;
} rate_words[] = {{"demographic_parity", "selection_rate"},
                  {"impact", "selection_rate"},
                  {"equal_opportunity", "tpr"},
                  {"predictive_parity", "ppv"},
                  {"predictive_equality", "fpr"},
                  {"true_positive_rate", "tpr"},
                  {"true_negative_rate", "tnr"},
                  {"positive_predictive_value", "ppv"},
                  {"error", "zero_one_loss"},
                  {"tpr", "tpr"},
                  {"tnr", "tnr"},
                  {"ppv", "ppv"}};

/* The fairness gate's word for a rate. */
static const char *rate_word(const char *word)
{
    for (size_t i = 0; i < sizeof rate_words / sizeof *rate_words; i++)
        if (strcmp(word, rate_words[i].word) == 0)
            return rate_words[i].metric;
    const struct mlg_metric *metric = mlg_metric_find(word);
    return metric ? metric->name : word;
}

/* What other libraries call a quantity that is written in another way here, with another sign or for two
 * groups alone. */
static const struct {
    const char *name, *ours;
} elsewhere[] = {{"disparate_impact", "selection_rate_ratio"},
                 {"disparate_impact_ratio", "selection_rate_ratio"},
                 {"adverse_impact_ratio", "selection_rate_ratio"},
                 {"four_fifths", "selection_rate_ratio"},
                 {"statistical_parity_difference", "selection_rate_difference"},
                 {"mean_difference", "selection_rate_difference"},
                 {"average_abs_odds_difference", "average_odds_difference"},
                 {"average_odds_error", "average_odds_difference"},
                 {"generalized_entropy_index", "generalized_entropy"},
                 {"generalized_entropy_error", "generalized_entropy"},
                 {"between_all_groups_generalized_entropy_index", "between_group_generalized_entropy"},
                 {"between_group_generalized_entropy_error", "between_group_generalized_entropy"},
                 {"smoothed_empirical_differential_fairness", "differential_fairness"},
                 {"smoothed_edf", "differential_fairness"},
                 {"kl_divergence", "label_kl"},
                 {"treatment_equality", "treatment_equality_difference"},
                 {"equalized_odds", "equalized_odds_difference"},
                 {"demographic_parity", "selection_rate_difference"},
                 {"statistical_parity", "selection_rate_difference"},
                 {"equal_opportunity", "tpr_difference"},
                 {"calibration_difference", "calibration_gap"},
                 {"pprev_disparity", "selection_rate_ratio"},
                 {"precision_disparity", "ppv_ratio"},
                 {"tpr_disparity", "tpr_ratio"},
                 {"tnr_disparity", "tnr_ratio"},
                 {"fpr_disparity", "fpr_ratio"},
                 {"fnr_disparity", "fnr_ratio"},
                 {"npv_disparity", "npv_ratio"},
                 {"fdr_disparity", "fdr_ratio"},
                 {"for_disparity", "for_ratio"},
                 {"prev_disparity", "base_rate_ratio"},
                 {"mean_prediction", "mean_score_difference"},
                 {"DPPL", "selection_rate_signed_difference"},
                 {"DI", "selection_rate_ratio"},
                 {"RD", "tpr_signed_difference"},
                 {"SD", "tnr_signed_difference"},
                 {"DAR", "ppv_signed_difference"},
                 {"DRR", "npv_signed_difference"},
                 {"AD", "accuracy_signed_difference"},
                 {"TE", "treatment_equality_difference"},
                 {"CDDPL", "conditional_demographic_disparity"},
                 {"GE", "generalized_entropy"},
                 {"CI", "class_imbalance"},
                 {"DPL", "label_rate_difference"},
                 {"KL", "label_kl"},
                 {"JS", "label_js"},
                 {"TVD", "label_tvd"},
                 {"KS", "label_ks"}};

const char *mlg_disparity_ending(const struct mlg_metric *disparity)
{
    return kernel_of(disparity)->ending;
}

const struct mlg_metric *mlg_disparity_find(const char *name, struct mlg_arena *arena, const char **rate)
{
    const size_t size = strlen(name);
    const struct mlg_metric *best = NULL;
    size_t longest = 0;
    *rate = NULL;
    for (const struct mlg_metric *const *row = mlg_disparities; *row; row++) {
        const char *ending = kernel_of(*row)->ending;
        if (!ending && mlg_metric_is_called(*row, name))
            return *row;
        const size_t length = ending ? strlen(ending) : 0;
        if (length > longest && size > length && strcmp(name + size - length, ending) == 0) {
            best = *row;
            longest = length;
        }
    }
    if (best) {
        *rate = mlg_arena_copy(arena, name, size - longest);
        *rate = *rate ? rate_word(*rate) : NULL;
    }
    return best;
}

static int mistake(struct mlg_error *error, unsigned offset, const char *text)
{
    const struct mlg_place place = {.column = offset + 1};
    if (!text)
        return mlg_error_set(error, MLG_LIMIT, "no memory to read a check");
    return mlg_error_at(error, MLG_CONFIG, place, "%s", text);
}

const char *mlg_disparity_elsewhere(const char *name)
{
    for (size_t i = 0; i < sizeof elsewhere / sizeof *elsewhere; i++)
        if (strcmp(name, elsewhere[i].name) == 0)
            return elsewhere[i].ours;
    return NULL;
}

const char *mlg_disparity_nearest(const char *name, struct mlg_arena *arena)
{
    enum { NAMES = 256 };
    const char *names[NAMES];
    size_t count = 0;
    const char *ours = mlg_disparity_elsewhere(name);
    if (ours)
        return ours;
    for (const struct mlg_metric *const *row = mlg_disparities; *row; row++)
        if (!kernel_of(*row)->ending)
            names[count++] = (*row)->name;
    for (const struct mlg_metric *const *row = mlg_metrics; *row && count + 3 < NAMES; row++) {
        names[count++] = mlg_arena_format(arena, "%s_difference", (*row)->name);
        names[count++] = mlg_arena_format(arena, "%s_ratio", (*row)->name);
        names[count++] = (*row)->name;
    }
    for (size_t i = 0; i < count; i++)
        if (!names[i])
            return NULL;
    return mlg_nearest(name, names, count);
}

static int unknown(const struct mlg_check *check, struct mlg_arena *arena, struct mlg_error *error)
{
    if (mlg_metric_find(check->name))
        return mistake(
            error, check->name_offset,
            mlg_arena_format(arena,
                             "'%s' says nothing of groups; write %s_difference, %s_ratio, %s_group_min "
                             "or %s_group_max, or check it in a gate of its own",
                             check->name, check->name, check->name, check->name, check->name));
    const char *near = mlg_disparity_nearest(check->name, arena);
    return mistake(
        error, check->name_offset,
        near ? mlg_arena_format(arena, "unknown quantity '%s'; did you mean '%s'?", check->name, near)
             : mlg_arena_format(arena,
                                "unknown quantity '%s'; it ends in _difference, _ratio, _group_min or "
                                "_group_max, or is one that 'mlgate list' shows",
                                check->name));
}

/* Is the argument the disparity's own? Those without a name are. */
static bool is_own(const struct mlg_metric *metric, const struct mlg_argument *argument)
{
    return !argument->name || mlg_metric_has_argument(metric, argument->name);
}

/* The check with the disparity's own arguments, or with the others. */
static struct mlg_check share_of(const struct mlg_check *check, const struct mlg_metric *metric, bool own)
{
    struct mlg_check share = *check;
    share.argument_count = 0;
    for (size_t i = 0; i < check->argument_count; i++)
        if (is_own(metric, &check->arguments[i]) == own)
            share.arguments[share.argument_count++] = check->arguments[i];
    return share;
}

static int check_ways(const struct mlg_check *check, const struct mlg_call *call, struct mlg_arena *arena,
                      struct mlg_error *error)
{
    const struct mlg_metric_arguments *arguments = &call->arguments;
    if (arguments->reference && arguments->method == MLG_TO_OVERALL)
        return mistake(error, check->name_offset,
                       mlg_arena_format(arena, "'%s' compares with a reference or to_overall, not with both",
                                        check->name));
    return MLG_OK;
}

/* The arguments that are not the disparity's own belong to the quantity `of` that it compares: a slip is told
 * of the name that was written, with the arguments of both. */
static int check_rest(const struct mlg_check *rest, const struct mlg_metric *metric,
                      const struct mlg_metric *of, struct mlg_arena *arena, struct mlg_error *error)
{
    enum { NAMES = 32 };
    const char *names[NAMES];
    size_t count = 0;
    for (const char *const *name = metric->arguments; name && *name && count < NAMES; name++)
        names[count++] = *name;
    const size_t own = count;
    for (const char *const *name = of->arguments; name && *name && count < NAMES; name++)
        names[count++] = *name;
    for (size_t i = 0; i < rest->argument_count; i++) {
        const struct mlg_argument *argument = &rest->arguments[i];
        bool found = false;
        for (size_t n = own; n < count; n++)
            found = found || strcmp(names[n], argument->name) == 0;
        if (found)
            continue;
        const char *near = mlg_nearest(argument->name, names, count);
        const char *text =
            mlg_arena_format(arena, "'%s' has no argument '%s'%s%s%s", rest->name, argument->name,
                             near ? "; did you mean '" : "; it takes ", near ? near : "", near ? "'?" : "");
        for (size_t n = 0; n < count && text && !near; n++)
            text = mlg_arena_format(arena, "%s%s'%s'", text,
                                    n == 0           ? ""
                                    : n + 1 == count ? " and "
                                                     : ", ",
                                    names[n]);
        return mistake(error, argument->offset, text);
    }
    return MLG_OK;
}

static int resolve_rate(const struct mlg_check *check, const char *rate, const struct mlg_metric *metric,
                        struct mlg_arena *arena, struct mlg_call *call, const char **name,
                        struct mlg_error *error)
{
    const struct mlg_metric *of = rate ? mlg_metric_find(rate) : NULL;
    const struct mlg_disparity_kernel *kernel = kernel_of(metric);
    if (!of)
        return unknown(check, arena, error);
    if (of->method == MLG_METHOD_EXACT || (of->arguments && strcmp(of->arguments[0], "metric") == 0))
        return mistake(error, check->name_offset,
                       mlg_arena_format(arena,
                                        "'%s' is not compared between groups; a rate, a score or an error is",
                                        of->name));
    const struct mlg_check rest = share_of(check, metric, false);
    call->parts = MLG_NEW(arena, struct mlg_call);
    *name = mlg_arena_format(arena, "%s%s", rate, kernel->ending);
    call->arguments.metric = rate;
    if (!call->parts || !*name)
        return mistake(error, 0, NULL);
    call->part_count = 1;
    double minimum, maximum;
    int code = check_rest(&rest, metric, of, arena, error);
    if (code == MLG_OK)
        code = mlg_call_resolve_as(&rest, 0, of, arena, call->parts, error);
    if (code != MLG_OK)
        return code;
    mlg_call_range(call->parts, NULL, &minimum, &maximum);
    if (kernel->form == MLG_FORM_RATIO && minimum < 0)
        return mistake(error, check->name_offset,
                       mlg_arena_format(
                           arena, "'%s' can be negative, and a ratio of it says nothing; write %s_difference",
                           of->name, of->name));
    return MLG_OK;
}

static int resolve_parts(const struct mlg_check *check, const struct mlg_metric *metric,
                         struct mlg_arena *arena, struct mlg_call *call, struct mlg_error *error)
{
    const char *const *names = kernel_of(metric)->parts;
    const struct mlg_check rest = share_of(check, metric, false);
    size_t count = 0;
    while (names && names[count])
        count++;
    call->parts = MLG_NEW_ARRAY(arena, struct mlg_call, count + 1);
    if (!call->parts)
        return mistake(error, 0, NULL);
    for (; call->part_count < count; call->part_count++) {
        const struct mlg_metric *of = mlg_metric_find(names[call->part_count]);
        int code = check_rest(&rest, metric, of, arena, error);
        if (code == MLG_OK)
            code = mlg_call_resolve_as(&rest, 0, of, arena, &call->parts[call->part_count], error);
        if (code != MLG_OK)
            return code;
    }
    return MLG_OK;
}

int mlg_disparity_resolve(const struct mlg_check *check, struct mlg_arena *arena, struct mlg_call *call,
                          const char **name, struct mlg_error *error)
{
    const char *rate;
    const struct mlg_metric *metric = mlg_disparity_find(check->name, arena, &rate);
    if (!metric)
        return unknown(check, arena, error);
    if (kernel_of(metric)->ending && !rate)
        return mistake(error, 0, NULL);
    *name = metric->name;
    /* What is not the disparity's own belongs to its parts; without parts, it is refused here. */
    const bool has_parts = kernel_of(metric)->ending || kernel_of(metric)->parts;
    const struct mlg_check own = has_parts ? share_of(check, metric, true) : *check;
    int code = mlg_call_resolve_as(&own, 0, metric, arena, call, error);
    if (code == MLG_OK)
        code = check_ways(check, call, arena, error);
    if (code != MLG_OK)
        return code;
    call->parts = NULL;
    call->part_count = 0;
    return rate ? resolve_rate(check, rate, metric, arena, call, name, error)
                : resolve_parts(check, metric, arena, call, error);
}

/* ---- plan --------------------------------------------------------------------------------------- */

int mlg_disparity_plan(struct mlg_call *call, struct mlg_plan *plan, struct mlg_error *error)
{
    const struct mlg_disparity_kernel *kernel = kernel_of(call->metric);
    int code = kernel->reads ? mlg_plan_reads(plan, kernel->reads, error) : MLG_OK;
    if (code == MLG_OK && kernel->tally)
        code = mlg_plan_tally(plan, error);
    if (code == MLG_OK && kernel->keep)
        code = mlg_plan_keep(plan, kernel->keep, error);
    for (size_t i = 0; code == MLG_OK && i < call->part_count; i++)
        code = mlg_call_plan(&call->parts[i], plan, error);
    return code;
}

unsigned mlg_disparity_reads(const struct mlg_call *call)
{
    unsigned reads = kernel_of(call->metric)->reads;
    for (size_t i = 0; i < call->part_count; i++)
        reads |= call->parts[i].metric->reads;
    return reads;
}

bool mlg_disparity_is_of_all_rows(const struct mlg_call *call)
{
    return kernel_of(call->metric)->of_all_rows;
}

bool mlg_disparity_needs_reference(const struct mlg_call *call)
{
    return kernel_of(call->metric)->is_signed;
}

enum mlg_direction mlg_disparity_direction(const struct mlg_call *call)
{
    const struct mlg_disparity_kernel *kernel = kernel_of(call->metric);
    if (kernel->form == MLG_FORM_ITSELF && call->part_count == 1 && !call->metric->direction)
        return call->parts[0].metric->direction;
    return call->metric->direction;
}

bool mlg_disparity_is_lower_better(const struct mlg_call *call)
{
    return mlg_disparity_direction(call) == MLG_LOWER_IS_BETTER;
}

/* Do counts make up every part? */
static bool is_of_counts(const struct mlg_call *call)
{
    for (size_t i = 0; i < call->part_count; i++)
        if (call->parts[i].metric->method != MLG_METHOD_WILSON)
            return false;
    return true;
}

bool mlg_disparity_takes(const struct mlg_call *call, int method)
{
    const enum mlg_method usual = call->metric->method;
    switch (method) {
    case MLG_METHOD_NEWCOMBE:
    case MLG_METHOD_MIETTINEN_NURMINEN:
        return usual == MLG_METHOD_NEWCOMBE && is_of_counts(call);
    case MLG_METHOD_KOOPMAN:
    case MLG_METHOD_KATZ:
        return usual == MLG_METHOD_KOOPMAN && is_of_counts(call);
    default:
        break;
    }
    if (call->part_count == 0 && (usual == MLG_METHOD_NEWCOMBE || usual == MLG_METHOD_KOOPMAN))
        return method == MLG_METHOD_COUNT || method == MLG_METHOD_WILSON ||
               method == MLG_METHOD_CLOPPER_PEARSON || method == MLG_METHOD_JEFFREYS;
    if (call->part_count == 0)
        return mlg_metric_takes(call->metric, method);
    for (size_t i = 0; i < call->part_count; i++)
        if (!mlg_metric_takes(call->parts[i].metric, method))
            return false;
    return true;
}

void mlg_disparity_range(const struct mlg_call *call, double *minimum, double *maximum)
{
    const struct mlg_disparity_kernel *kernel = kernel_of(call->metric);
    *minimum = call->metric->minimum;
    *maximum = call->metric->maximum;
    if (kernel->form == MLG_FORM_RATIO && call->arguments.reference)
        *maximum = (double)INFINITY;
    if (!kernel->ending || call->part_count == 0)
        return;
    double least, most;
    mlg_call_range(&call->parts[0], NULL, &least, &most);
    if (kernel->form == MLG_FORM_ITSELF) {
        *minimum = least;
        *maximum = most;
    } else if (kernel->form == MLG_FORM_DIFFERENCE) {
        *maximum = most - least;
        *minimum = kernel->is_signed ? -*maximum : 0;
    }
}

/* ---- views -------------------------------------------------------------------------------------- */

struct mlg_view mlg_group_view(const struct mlg_setting *setting, size_t group)
{
    struct mlg_view view = *setting->view;
    const struct mlg_groups *groups = setting->groups;
    view.ranked = NULL;
    view.slicing = group < groups->count ? groups->items[group].slicing : groups->slicing;
    view.slice = group < groups->count ? groups->items[group].slice : groups->slice;
    return view;
}

const char *mlg_group_name(const struct mlg_setting *setting, size_t group)
{
    enum { LONGEST = 60 };
    if (group >= setting->groups->count)
        return "all rows";
    const char *name = setting->groups->items[group].name;
    size_t size = strlen(name);
    if (size <= LONGEST)
        return name;
    for (size = LONGEST; size > 0 && ((unsigned char)name[size] & 0xc0U) == 0x80U; size--)
        ;
    const char *cut = mlg_arena_format(setting->arena, "%.*s…", (int)size, name);
    return cut ? cut : "a group";
}

bool mlg_group_square(const struct mlg_setting *setting, size_t group, struct mlg_square *square)
{
    const struct mlg_scan *scan = setting->view->scan;
    const struct mlg_view view = mlg_group_view(setting, group);
    const struct mlg_tally *tally = mlg_scan_tally(scan, view.slicing, view.slice);
    *square = (struct mlg_square){0};
    if (!tally || !tally->count || scan->classes.positive < 0)
        return false;
    const size_t classes = tally->classes, positive = (size_t)scan->classes.positive;
    for (size_t y = 0; y < classes; y++)
        for (size_t p = 0; p < classes; p++) {
            const size_t at = y * classes + p;
            const double w = tally->weight ? tally->weight[at] : (double)tally->count[at];
            const double w2 = tally->weight2 ? tally->weight2[at] : (double)tally->count[at];
            double *const sum = y == positive ? (p == positive ? &square->tp : &square->fn)
                                              : (p == positive ? &square->fp : &square->tn);
            sum[0] += w;
            sum[4] += w2;
            if ((y == positive) != (p == positive))
                square->errors += tally->count[at];
        }
    square->rows = tally->rows;
    return true;
}

void mlg_disparity_normal(struct mlg_evidence *evidence, double variance, uint64_t rows)
{
    evidence->kind = MLG_VALUE_ONLY;
    evidence->method = MLG_METHOD_NONE;
    if (!(variance > 0) || rows < 2)
        return;
    evidence->kind = MLG_NORMAL;
    evidence->method = MLG_METHOD_DELTA;
    evidence->standard_error = sqrt(variance);
    evidence->degrees = (double)(rows - 1);
}

/* ---- comparison of parts ------------------------------------------------------------------------- */

struct mlg_comparison mlg_disparity_comparison(const struct mlg_setting *setting)
{
    const struct mlg_groups *groups = setting->groups;
    const struct mlg_disparity_kernel *kernel = kernel_of(setting->call->metric);
    const struct mlg_metric_arguments *arguments = &setting->call->arguments;
    struct mlg_comparison comparison = {.form = kernel->form,
                                        .largest = kernel->largest,
                                        .method = groups->method,
                                        .has_limit = groups->comparator != MLG_NO_COMPARATOR,
                                        .limit = groups->limit,
                                        .mean = kernel->always_mean || arguments->agg == MLG_MEAN};
    if (kernel->form == MLG_FORM_ITSELF)
        return comparison;
    if (groups->reference >= 0)
        comparison.against = MLG_AGAINST_REFERENCE;
    else if (arguments->method == MLG_TO_OVERALL)
        comparison.against = MLG_AGAINST_OVERALL;
    comparison.both_ways =
        comparison.against == MLG_AGAINST_OVERALL ||
        (comparison.against == MLG_AGAINST_REFERENCE && kernel->form == MLG_FORM_DIFFERENCE);
    if (kernel->is_signed)
        comparison.both_ways = false;
    return comparison;
}

static void member_of(const struct mlg_evidence *evidence, bool is_entangled, struct mlg_member *member)
{
    *member =
        (struct mlg_member){.value = evidence->value, .evidence = evidence, .is_entangled = is_entangled};
    if (evidence->kind != MLG_PROPORTION)
        return;
    member->counted = true;
    member->rate = (struct mlg_rate){(double)evidence->numerator, (double)evidence->denominator};
}

/* Of a signed difference the end that is to be judged: the one nearer to failing; without a limit the larger.
 */
static void choose_end(const struct mlg_setting *setting, const struct mlg_panel *panel,
                       struct mlg_comparison *comparison)
{
    double most = 0, least = 0;
    const double reference = panel->members[panel->reference].value;
    for (size_t i = 0; i < panel->count; i++) {
        most = fmax(most, panel->members[i].value - reference);
        least = fmin(least, panel->members[i].value - reference);
    }
    switch (setting->groups->comparator) {
    case MLG_AT_LEAST:
    case MLG_ABOVE:
        comparison->largest = false;
        break;
    case MLG_AT_MOST:
    case MLG_BELOW:
        comparison->largest = true;
        break;
    case MLG_NO_COMPARATOR:
        comparison->largest = most >= -least;
        break;
    }
}

/* Which groups have rows of a cluster that has rows of other groups too; where groups are compared with all
 * rows, also of none. `entangled` has groups->count items. */
static int find_entangled(const struct mlg_setting *setting, bool overall, bool *entangled,
                          struct mlg_error *error)
{
    enum { NOT_SEEN, SHARED, FIRST_GROUP };
    const struct mlg_scan *scan = setting->view->scan;
    const size_t count = setting->groups->count;
    if (!scan->clustered || !scan->kept.cluster)
        return MLG_OK;
    size_t *seen_in = MLG_NEW_ARRAY(setting->arena, size_t, scan->cluster_count + 1);
    uint64_t *rest = MLG_NEW_ARRAY(setting->arena, uint64_t, scan->cluster_count + 1);
    if (!seen_in || !rest)
        return mlg_error_set(error, MLG_LIMIT, "no memory for the clusters of groups");
    for (size_t round = 0; round < 2; round++)
        for (size_t g = count + 1; g-- > 0;) { /* all rows first */
            size_t rows;
            const struct mlg_view view = mlg_group_view(setting, g);
            const uint32_t *index = mlg_scan_rows(view.scan, view.slicing, view.slice, &rows);
            for (size_t i = 0; i < rows; i++) {
                const size_t cluster = scan->kept.cluster[index ? index[i] : i];
                size_t *seen = &seen_in[cluster];
                if (g == count) {
                    rest[cluster] += round == 0;
                } else if (round == 0) {
                    rest[cluster]--;
                    *seen = *seen == NOT_SEEN || *seen == FIRST_GROUP + g ? FIRST_GROUP + g : SHARED;
                } else if (*seen == SHARED || (overall && rest[cluster] > 0)) {
                    entangled[g] = true;
                }
            }
        }
    return MLG_OK;
}

/* Of the part whose reference has 0 while another group has more: which group that is, and of how many. */
static void tell_empty_reference(const struct mlg_setting *setting, const struct mlg_panel *panels,
                                 struct mlg_evidence *evidence)
{
    for (size_t p = 0; p < setting->part_count; p++) {
        const struct mlg_member *reference = &panels[p].members[panels[p].reference];
        bool others = false;
        for (size_t g = 0; g < panels[p].count; g++)
            others = others || fabs(panels[p].members[g].value) > 0;
        if (!others || fabs(reference->value) > 0)
            continue;
        const struct mlg_evidence *of = &setting->parts[p][panels[p].reference];
        mlg_evidence_undefined(evidence, "%s of the reference %s is 0 (%s%s %s), and nothing is a share of 0",
                               setting->names[p], mlg_group_name(setting, panels[p].reference),
                               of->kind == MLG_PROPORTION ? "0 of " : "",
                               mlg_count_text(of->n, setting->arena), mlg_plural(of->n, "row", "rows"));
        return;
    }
}

static int compare_parts(const struct mlg_setting *setting, struct mlg_evidence *evidence,
                         struct mlg_error *error)
{
    const struct mlg_groups *groups = setting->groups;
    const size_t parts = setting->part_count, count = groups->count;
    struct mlg_comparison comparison = mlg_disparity_comparison(setting);
    struct mlg_panel *panels = MLG_NEW_ARRAY(setting->arena, struct mlg_panel, parts);
    bool *entangled = MLG_NEW_ARRAY(setting->arena, bool, count + 1);
    if (!panels || !entangled)
        return mlg_error_set(error, MLG_LIMIT, "no memory to compare groups");
    int code = find_entangled(setting, comparison.against == MLG_AGAINST_OVERALL, entangled, error);
    if (code != MLG_OK)
        return code;
    for (size_t p = 0; p < parts; p++) {
        struct mlg_member *members = MLG_NEW_ARRAY(setting->arena, struct mlg_member, count + 1);
        if (!members)
            return mlg_error_set(error, MLG_LIMIT, "no memory to compare groups");
        for (size_t g = 0; g < count; g++)
            member_of(&setting->parts[p][g], entangled[g], &members[g]);
        panels[p] = (struct mlg_panel){.name = parts > 1 ? setting->names[p] : NULL,
                                       .members = members,
                                       .count = count,
                                       .reference = groups->reference >= 0 ? (size_t)groups->reference : 0};
        if (comparison.against == MLG_AGAINST_OVERALL) {
            member_of(&setting->parts[p][count], true, &members[count]); /* with every group that is */
            panels[p].overall = &members[count];
        }
    }
    if (kernel_of(setting->call->metric)->is_signed)
        choose_end(setting, &panels[0], &comparison);
    comparison.panels = panels;
    comparison.panel_count = parts;
    code = mlg_compare(&comparison, evidence, setting->arena, error);
    if (code == MLG_OK && evidence->kind == MLG_UNDEFINED && comparison.against == MLG_AGAINST_REFERENCE)
        tell_empty_reference(setting, panels, evidence);
    return code;
}

/* ---- evaluate ----------------------------------------------------------------------------------- */

static const char *positive_class(const struct mlg_classes *classes)
{
    return classes->positive >= 0 && (size_t)classes->positive < classes->count
               ? classes->names[classes->positive]
               : NULL;
}

/* The class that the part takes against the rest; NULL: none, or with `*each` one after the other. So does
 * class=*, and what would else be a mean over the classes, in which the gaps of two classes may make up for
 * each other; there the config may tell which one is meant. */
static const char *class_of(const struct mlg_call *part, const struct mlg_scan *scan, bool *each)
{
    const char *written = part->arguments.class_name;
    *each = false;
    if (written && strcmp(written, "*") != 0)
        return written;
    if (!written && !(mlg_call_is_macro(part, scan) && mlg_metric_has_argument(part->metric, "class")))
        return NULL;
    if (!written && scan->classes.positive_given && positive_class(&scan->classes))
        return positive_class(&scan->classes);
    *each = true;
    return NULL;
}

bool mlg_disparity_class(const struct mlg_call *call, const struct mlg_scan *scan, const char **name)
{
    bool each = false;
    *name = NULL;
    for (size_t p = 0; p < call->part_count && !each && !*name; p++)
        *name = class_of(&call->parts[p], scan, &each);
    if (!each && !*name)
        *name = positive_class(&scan->classes);
    return each;
}

static int list_parts(struct mlg_setting *setting, struct mlg_error *error)
{
    const struct mlg_call *call = setting->call;
    const struct mlg_disparity_kernel *kernel = kernel_of(call->metric);
    const struct mlg_classes *classes = &setting->view->scan->classes;
    const size_t most = call->part_count * (classes->count + 1);
    struct mlg_call *calls = MLG_NEW_ARRAY(setting->arena, struct mlg_call, most + 1);
    setting->names = MLG_NEW_ARRAY(setting->arena, const char *, most + 1);
    setting->calls = calls;
    if (!calls || !setting->names)
        return mlg_error_set(error, MLG_LIMIT, "no memory to measure groups");
    for (size_t p = 0; p < call->part_count; p++) {
        const struct mlg_call *part = &call->parts[p];
        bool each;
        const char *name = class_of(part, setting->view->scan, &each);
        for (size_t c = 0; c < (each ? classes->count : 1); c++) {
            const char *word = kernel->ending ? call->arguments.metric : kernel->parts[p];
            calls[setting->part_count] = *part;
            name = each ? classes->names[c] : name;
            if (name && name != part->arguments.class_name) {
                calls[setting->part_count].arguments.class_name = name;
                word = mlg_arena_format(setting->arena, "%s(class=%s)", word, name);
            }
            if (!word)
                return mlg_error_set(error, MLG_LIMIT, "no memory to measure groups");
            setting->names[setting->part_count++] = word;
        }
    }
    return MLG_OK;
}

/* Has the slice rows, and none with a weight? */
static bool is_weightless(const struct mlg_view *view)
{
    const struct mlg_tally *tally = mlg_scan_tally(view->scan, view->slicing, view->slice);
    return view->scan->weighted && tally && tally->rows == 0 &&
           view->scan->slicings[view->slicing].items[view->slice].rows > 0;
}

/* The parts of every group; of all rows too where they are compared with. */
static int measure_parts(struct mlg_setting *setting, bool overall, struct mlg_evidence *evidence,
                         struct mlg_error *error)
{
    const size_t count = setting->groups->count;
    int listed = list_parts(setting, error);
    if (listed != MLG_OK)
        return listed;
    setting->parts = MLG_NEW_ARRAY(setting->arena, struct mlg_evidence *, setting->part_count + 1);
    if (!setting->parts)
        return mlg_error_set(error, MLG_LIMIT, "no memory to measure groups");
    for (size_t p = 0; p < setting->part_count; p++) {
        setting->parts[p] = MLG_NEW_ARRAY(setting->arena, struct mlg_evidence, count + 1);
        if (!setting->parts[p])
            return mlg_error_set(error, MLG_LIMIT, "no memory to measure groups");
        for (size_t g = 0; g < count + overall; g++) {
            struct mlg_view view = mlg_group_view(setting, g);
            struct mlg_evidence *one = &setting->parts[p][g];
            int code = mlg_call_evaluate(&setting->calls[p], &view, one, error);
            if (code != MLG_OK)
                return code;
            if (one->kind == MLG_UNDEFINED && is_weightless(&view))
                mlg_family_weightless(one, view.scan->slicings[view.slicing].items[view.slice].rows);
            if (one->kind == MLG_UNDEFINED && evidence->kind != MLG_UNDEFINED)
                mlg_evidence_undefined(evidence, "%s of %s is undefined: %s", setting->names[p],
                                       mlg_group_name(setting, g), one->reason);
            if (g < count && p == 0)
                evidence->n += view.scan->slicings[view.slicing].items[view.slice].rows;
        }
    }
    return MLG_OK;
}

/* Where a group's bounds are not known and another's are, it is not the quantity that has none: the group
 * lacks rows. */
static void tell_bare_group(const struct mlg_setting *setting, struct mlg_evidence *evidence)
{
    const size_t count = setting->groups->count;
    for (size_t p = 0; evidence->kind == MLG_VALUE_ONLY && !evidence->reason[0] && p < setting->part_count;
         p++) {
        size_t bare = count, known = 0;
        for (size_t g = count; g-- > 0;)
            if (mlg_interval(&setting->parts[p][g], 0.95, MLG_METHOD_COUNT, 1).known)
                known++;
            else
                bare = g;
        if (bare == count || known == 0)
            continue;
        const uint64_t rows = setting->parts[p][bare].n;
        const bool clustered = setting->view->scan->clustered;
        mlg_family_bare(evidence,
                        "nothing is known of the spread within %s, %s %s%s: bring more %s, or name it in "
                        "'exclude' with a reason",
                        mlg_group_name(setting, bare), mlg_count_text(rows, setting->arena),
                        mlg_plural(rows, "row", "rows"), clustered ? " of too few clusters" : "",
                        clustered ? "clusters" : "rows");
    }
}

bool mlg_show_parts(const struct mlg_setting *setting, size_t parts)
{
    struct mlg_shown *shown = setting->shown;
    shown->names = MLG_NEW_ARRAY(setting->arena, const char *, parts + 1);
    shown->parts = MLG_NEW_ARRAY(setting->arena, struct mlg_evidence *, parts + 1);
    for (size_t p = 0; shown->names && shown->parts && p < parts; p++) {
        shown->parts[p] = MLG_NEW_ARRAY(setting->arena, struct mlg_evidence, setting->groups->count + 1);
        if (!shown->parts[p])
            return false;
    }
    shown->part_count = parts;
    return shown->names && shown->parts;
}

struct mlg_evidence mlg_show_share(double of, double all, bool counted, uint64_t rows)
{
    struct mlg_evidence evidence = {
        .kind = MLG_VALUE_ONLY, .method = MLG_METHOD_NONE, .value = of / all, .maximum = 1, .n = rows};
    if (counted) {
        evidence.kind = MLG_PROPORTION;
        evidence.method = MLG_METHOD_WILSON;
        evidence.numerator = (uint64_t)of;
        evidence.denominator = (uint64_t)all;
    }
    return evidence;
}

/* What a kernel of its own has told of each group. */
static void tell_shown(const struct mlg_shown *shown, struct mlg_outcome *outcome)
{
    if (outcome->part_count == 0 && shown->part_count > 0) {
        outcome->part_count = shown->part_count;
        outcome->part_names = shown->names;
        outcome->calls = NULL;
        outcome->parts = shown->parts;
    }
    outcome->has_pair = shown->has_pair;
    outcome->a = shown->a;
    outcome->b = shown->b;
    outcome->apart = shown->apart;
}

/* What was compared of each group by a kernel of its own, for reports. */
static int tell_members(const struct mlg_setting *setting, const struct mlg_evidence *evidence,
                        struct mlg_outcome *outcome, struct mlg_error *error)
{
    const char *member = kernel_of(setting->call->metric)->member;
    const struct mlg_panel *panel = mlg_is_comparison(evidence) ? mlg_comparison_panel(evidence) : NULL;
    if (!member || !panel || outcome->part_count > 0)
        return MLG_OK;
    const char **names = MLG_NEW_ARRAY(setting->arena, const char *, 2);
    struct mlg_evidence **parts = MLG_NEW_ARRAY(setting->arena, struct mlg_evidence *, 1);
    struct mlg_evidence *values = MLG_NEW_ARRAY(setting->arena, struct mlg_evidence, panel->count);
    if (!names || !parts || !values)
        return mlg_error_set(error, MLG_LIMIT, "no memory to tell of groups");
    for (size_t g = 0; g < panel->count; g++)
        values[g] = *panel->members[g].evidence;
    names[0] = member;
    parts[0] = values;
    *outcome = (struct mlg_outcome){.part_count = 1, .part_names = names, .parts = parts};
    return MLG_OK;
}

int mlg_disparity_evaluate(const struct mlg_call *call, struct mlg_view *view,
                           const struct mlg_groups *groups, struct mlg_evidence *evidence,
                           struct mlg_outcome *outcome, struct mlg_error *error)
{
    const struct mlg_disparity_kernel *kernel = kernel_of(call->metric);
    struct mlg_shown shown = {0};
    struct mlg_setting setting = {
        .call = call, .view = view, .groups = groups, .shown = &shown, .arena = view->scratch};
    const bool overall = call->arguments.method == MLG_TO_OVERALL && kernel->form != MLG_FORM_ITSELF;
    mlg_family_begin(call, evidence);
    mlg_disparity_range(call, &evidence->minimum, &evidence->maximum);
    *outcome = (struct mlg_outcome){0};
    int code = measure_parts(&setting, overall, evidence, error);
    if (code != MLG_OK)
        return code;
    *outcome = (struct mlg_outcome){.part_count = setting.part_count,
                                    .part_names = setting.names,
                                    .calls = setting.calls,
                                    .parts = setting.parts,
                                    .too_few = true};
    if (groups->count == 0 && !kernel->of_all_rows)
        return mlg_evidence_undefined(evidence, "no group is left to compare");
    if (groups->count == 1 && !kernel->of_all_rows && !kernel->one_group)
        return mlg_evidence_undefined(evidence, "there is one group alone, %s; nothing to compare it with",
                                      mlg_group_name(&setting, 0));
    outcome->too_few = false;
    if (kernel->is_signed && groups->reference < 0)
        return mlg_evidence_undefined(evidence, "no group is the reference");
    if (evidence->kind == MLG_UNDEFINED)
        return MLG_OK;
    code = kernel->evaluate ? kernel->evaluate(&setting, evidence, error)
                            : compare_parts(&setting, evidence, error);
    tell_bare_group(&setting, evidence);
    if (evidence->kind != MLG_UNDEFINED)
        tell_shown(&shown, outcome);
    return code == MLG_OK ? tell_members(&setting, evidence, outcome, error) : code;
}

/* Is more of the part better, less (negative), or neither? */
static int better_end(const struct mlg_call *call, const struct mlg_outcome *outcome, size_t part)
{
    const struct mlg_disparity_kernel *kernel = kernel_of(call->metric);
    enum mlg_direction direction = MLG_NO_DIRECTION;
    if (outcome->calls)
        direction = outcome->calls[part].metric->direction;
    else if (kernel->form == MLG_FORM_ITSELF)
        direction = call->metric->direction;
    return direction == MLG_HIGHER_IS_BETTER ? 1 : direction == MLG_LOWER_IS_BETTER ? -1 : 0;
}

/* The ends of the groups' values; groups without one where none has. */
static void find_ends(const struct mlg_evidence *groups, size_t count, const struct mlg_evidence **lowest,
                      const struct mlg_evidence **highest)
{
    *lowest = *highest = &groups[0];
    for (size_t g = 1; g < count; g++) {
        if (groups[g].kind == MLG_UNDEFINED)
            continue;
        if ((*lowest)->kind == MLG_UNDEFINED || groups[g].value < (*lowest)->value)
            *lowest = &groups[g];
        if ((*highest)->kind == MLG_UNDEFINED || groups[g].value > (*highest)->value)
            *highest = &groups[g];
    }
}

/* How one group's value stands to the other that it is compared with, counts as counts. */
static double distance_of(const struct mlg_disparity_kernel *kernel, const struct mlg_evidence *value,
                          const struct mlg_evidence *other, bool turned)
{
    const struct mlg_fraction one = {value->numerator, value->denominator};
    const struct mlg_fraction two = {other->numerator, other->denominator};
    const bool counted = one.denominator > 0 && two.denominator > 0;
    struct mlg_fraction apart;
    bool negative;
    if (value->kind == MLG_UNDEFINED || other->kind == MLG_UNDEFINED)
        return (double)NAN;
    if (kernel->form == MLG_FORM_RATIO) {
        if (counted && mlg_fraction_ratio(turned ? two : one, turned ? one : two, &apart))
            return mlg_fraction_value(apart);
        return turned ? other->value / value->value : value->value / other->value;
    }
    if (counted && mlg_fraction_difference(one, two, &apart, &negative))
        return negative && kernel->is_signed ? -mlg_fraction_value(apart) : mlg_fraction_value(apart);
    return kernel->is_signed ? value->value - other->value : fabs(value->value - other->value);
}

const char *mlg_disparity_apart(const struct mlg_call *call, const struct mlg_groups *groups,
                                const struct mlg_outcome *outcome, size_t part, struct mlg_apart *apart)
{
    const struct mlg_disparity_kernel *kernel = kernel_of(call->metric);
    const struct mlg_evidence *of = outcome->parts[part];
    const bool is_ratio = kernel->form == MLG_FORM_RATIO, is_itself = kernel->form == MLG_FORM_ITSELF;
    const bool to_all = !is_itself && call->arguments.method == MLG_TO_OVERALL;
    const bool refers = !is_itself && !to_all && groups->reference >= 0;
    const bool rises = groups->comparator != MLG_AT_LEAST && groups->comparator != MLG_ABOVE;
    const int better = better_end(call, outcome, part);
    for (size_t g = 0; outcome->apart && g < groups->count; g++)
        apart[g] = (struct mlg_apart){outcome->apart[g], outcome->apart[g], -of[g].value};
    if (outcome->apart)
        return "furthest";
    /* The direction that is better is where a group is measured from; of a ratio or of a group by itself
     * there is such an end in any case. */
    const bool from_end = better || is_ratio || is_itself;
    const bool from_highest = better ? better > 0 : is_ratio || !kernel->largest;
    const struct mlg_evidence *lowest, *highest;
    find_ends(of, groups->count, &lowest, &highest);
    const struct mlg_evidence *other = to_all         ? &of[groups->count]
                                       : refers       ? &of[groups->reference]
                                       : from_highest ? highest
                                                      : lowest;
    for (size_t g = 0; g < groups->count; g++) {
        const double value = of[g].kind == MLG_UNDEFINED ? (double)NAN : of[g].value;
        /* Of two groups the smaller over the larger; the reference stays below. */
        const bool turned = to_all ? value > other->value : !refers && !from_highest;
        double distance = distance_of(kernel, &of[g], other, turned);
        if (!from_end && !to_all && !refers)
            distance =
                fmax(distance_of(kernel, highest, &of[g], false), distance_of(kernel, &of[g], lowest, false));
        apart[g] =
            (struct mlg_apart){.value = distance,
                               .badness = is_ratio || (kernel->is_signed && !rises) ? -distance : distance,
                               .second = better < 0 || (is_itself && !from_highest) ? value : -value};
        if (kernel->is_signed && groups->comparator == MLG_NO_COMPARATOR)
            apart[g].badness = fabs(distance);
        if (isnan(distance)) /* 0 of 0 */
            apart[g].badness = -(double)INFINITY;
    }
    if (outcome->too_few || (kernel->evaluate && outcome->calls))
        return NULL; /* there is no other, or it is compared in a way of its own */
    if (to_all)
        return "all rows";
    if (refers)
        return groups->items[groups->reference].name;
    if (better)
        return "best";
    return !from_end ? "furthest" : from_highest ? "highest" : "lowest";
}

bool mlg_disparity_deciding(const struct mlg_evidence *evidence, double confidence, enum mlg_telling telling,
                            struct mlg_deciding *deciding)
{
    if (!mlg_is_comparison(evidence) || (telling != MLG_TELL_VALUE && evidence->kind != MLG_BOUNDS))
        return false;
    *deciding = mlg_comparison_deciding(evidence, confidence, telling, SIZE_MAX);
    return true;
}

bool mlg_disparity_deciding_part(const struct mlg_evidence *evidence, size_t part,
                                 struct mlg_deciding *deciding)
{
    if (!mlg_is_comparison(evidence))
        return false;
    *deciding = mlg_comparison_deciding(evidence, 0, MLG_TELL_VALUE, part);
    return true;
}

/* ---- rows --------------------------------------------------------------------------------------- */

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define KERNEL(...)                                                                                          \
    .kernel = &(const struct mlg_disparity_kernel)                                                           \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }
#define PAIRS .params = mlg_disparity_params, .arguments = NAMES("attribute", "method", "reference")
#define GROUPS_ALONE .params = mlg_disparity_params, .arguments = NAMES("attribute")

const struct mlg_metric mlg_disparity_difference = {
    .name = "RATE_difference",
    .aliases = NAMES("demographic_parity_difference = selection_rate_difference",
                     "equal_opportunity_difference = tpr_difference"),
    .about = "how far the groups lie apart in a quantity of the accuracy gate",
    .definition =
        "largest less smallest value over the groups; to_overall: largest |group - all rows|; reference: "
        "largest |group - reference|",
    .undefined_when = "a group's own value is, or there is one group alone",
    .source = "fairlearn MetricFrame.difference",
    PAIRS,
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = (double)INFINITY, /* the width of RATE */
    .method = MLG_METHOD_NEWCOMBE,
    KERNEL(.ending = "_difference", .form = MLG_FORM_DIFFERENCE, .largest = true),
};

const struct mlg_metric mlg_disparity_ratio = {
    .name = "RATE_ratio",
    .aliases = NAMES("demographic_parity_ratio = selection_rate_ratio", "impact_ratio = selection_rate_ratio",
                     "equal_opportunity_ratio = tpr_ratio"),
    .about = "the worst group's value as a share of the best group's; the four-fifths rule asks for 0.8",
    .definition =
        "smallest / largest value over the groups; to_overall: smallest of r and 1/r, r = group / all rows; "
        "reference: smallest group / reference",
    .undefined_when =
        "a group's own value is, every group has 0, the reference has 0, or there is one group alone",
    .source = "fairlearn MetricFrame.ratio",
    PAIRS,
    .direction = MLG_HIGHER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_KOOPMAN,
    KERNEL(.ending = "_ratio", .form = MLG_FORM_RATIO),
};

const struct mlg_metric mlg_disparity_group_min = {
    .name = "RATE_group_min",
    .about = "the smallest value that any group has",
    .definition = "smallest value over the groups",
    .undefined_when = "a group's own value is",
    .source = "fairlearn MetricFrame.group_min",
    GROUPS_ALONE,
    .minimum = -(double)INFINITY,
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_WILSON,
    KERNEL(.ending = "_group_min", .form = MLG_FORM_ITSELF),
};

const struct mlg_metric mlg_disparity_group_max = {
    .name = "RATE_group_max",
    .about = "the largest value that any group has",
    .definition = "largest value over the groups",
    .undefined_when = "a group's own value is",
    .source = "fairlearn MetricFrame.group_max",
    GROUPS_ALONE,
    .minimum = -(double)INFINITY,
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_WILSON,
    KERNEL(.ending = "_group_max", .form = MLG_FORM_ITSELF, .largest = true),
};

const struct mlg_metric mlg_disparity_signed_difference = {
    .name = "RATE_signed_difference",
    .about = "group less reference, with its sign: who is ahead and who is behind",
    .definition =
        "group - reference of the group that is nearest to failing: the smallest with >= and >, the largest "
        "with <= and <, the largest by size without a limit",
    .undefined_when = "a group's own value is, or there is one group alone",
    .source = "AIF360 statistical_parity_difference and its like, for any number of groups",
    .params = mlg_disparity_params,
    .arguments = NAMES("attribute", "reference"),
    .minimum = -(double)INFINITY,
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_NEWCOMBE,
    KERNEL(.ending = "_signed_difference", .form = MLG_FORM_DIFFERENCE, .largest = true, .is_signed = true),
};

#define ODDS                                                                                                 \
    .params = mlg_disparity_params, .arguments = NAMES("attribute", "method", "reference", "agg"),           \
    .minimum = 0, .maximum = 1

static const char *const odds[] = {"tpr", "fpr", NULL};

const struct mlg_metric mlg_disparity_equalized_odds_difference = {
    .name = "equalized_odds_difference",
    .about = "how far the groups lie apart in true and in false positive rate, the worse of both",
    .definition = "the larger of tpr_difference and fpr_difference; agg=mean: their mean",
    .undefined_when = "a group has no positives or no negatives, or there is one group alone",
    .source = "fairlearn equalized_odds_difference",
    ODDS,
    .direction = MLG_LOWER_IS_BETTER,
    .method = MLG_METHOD_NEWCOMBE,
    KERNEL(.parts = odds, .form = MLG_FORM_DIFFERENCE, .largest = true),
};

const struct mlg_metric mlg_disparity_equalized_odds_ratio = {
    .name = "equalized_odds_ratio",
    .about = "the worst group's true or false positive rate as a share of the best group's",
    .definition = "the smaller of tpr_ratio and fpr_ratio; agg=mean: their mean",
    .undefined_when =
        "a group has no positives or no negatives, every group (or the reference) has 0 in one of "
        "the two rates, or there is one group alone",
    .source = "fairlearn equalized_odds_ratio (which leaves out a rate that is 0/0)",
    ODDS,
    .direction = MLG_HIGHER_IS_BETTER,
    .method = MLG_METHOD_KOOPMAN,
    KERNEL(.parts = odds, .form = MLG_FORM_RATIO),
};

const struct mlg_metric mlg_disparity_average_odds_difference = {
    .name = "average_odds_difference",
    .about = "how far the groups lie apart in true and in false positive rate, on average of both",
    .definition = "(tpr_difference + fpr_difference) / 2",
    .undefined_when = "a group has no positives or no negatives, or there is one group alone",
    .source =
        "fairlearn equalized_odds_difference with agg='mean'; AIF360's average_odds_difference lets the two "
        "cancel, its average_abs_odds_difference does not",
    PAIRS,
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_NEWCOMBE,
    KERNEL(.parts = odds, .form = MLG_FORM_DIFFERENCE, .largest = true, .always_mean = true),
};

static const char *const base_rate[] = {"base_rate", NULL};

const struct mlg_metric mlg_disparity_label_rate_difference = {
    .name = "label_rate_difference",
    .about = "how far the groups lie apart in the share of positive labels: of the data, not of the model",
    .definition = "largest less smallest base_rate over the groups",
    .undefined_when = "there is one group alone",
    .source = "SageMaker Clarify DPL, for any number of groups",
    PAIRS,
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_NEWCOMBE,
    KERNEL(.parts = base_rate, .form = MLG_FORM_DIFFERENCE, .largest = true),
};

static const char *const area[] = {"roc_auc", NULL};

const struct mlg_metric mlg_disparity_subgroup_auc = {
    .name = "subgroup_auc",
    .about = "how well scores order the rows within a group: the worst group",
    .definition = "smallest roc_auc over the groups",
    .undefined_when = "a group has one class alone",
    .source = "Borkan et al. 2019, Nuanced metrics for measuring unintended bias (Jigsaw)",
    GROUPS_ALONE,
    .direction = MLG_HIGHER_IS_BETTER,
    .minimum = 0,
    .maximum = 1,
    .method = MLG_METHOD_DELONG,
    KERNEL(.parts = area, .form = MLG_FORM_ITSELF),
};

static const char *const calibration[] = {"calibration_in_the_large", NULL};

const struct mlg_metric mlg_disparity_calibration_gap = {
    .name = "calibration_gap",
    .about = "how far the groups lie apart in by how much their scores promise too much",
    .definition = "largest less smallest (mean score - share of positives) over the groups",
    .undefined_when = "there is one group alone",
    .source = "calibration in the large, Cox 1958, by group",
    PAIRS,
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = 2,
    .method = MLG_METHOD_MOVER,
    KERNEL(.parts = calibration, .form = MLG_FORM_DIFFERENCE, .largest = true),
};
