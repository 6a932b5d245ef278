/* What can be known of a suite before any data: what its gates say of their checks, and waivers that cover
 * nothing. Nothing here is a mistake: it is told as warnings. */
#include <string.h>

#include "clock.h"
#include "mlgate/run.h"
#include "mlgate/text.h"
#include "mlgate/verdict.h"

/* May a check of the gate have this id? Which values slices have is the data's to say. */
static bool may_have_id(const struct mlg_gate_config *config, const struct mlg_check *check, const char *id,
                        struct mlg_arena *arena)
{
    const char *whole = mlg_check_id(config, check, arena);
    const size_t size = whole ? strlen(whole) : 0;
    struct mlg_on on;
    if (!whole || strncmp(id, whole, size) != 0)
        return false;
    if (id[size] == '\0')
        return true;
    const char *rest = id + size;
    if (config->gate->id_part && strncmp(rest, " / ", 3) == 0) {
        const char *end = strstr(rest + 3, " / ");
        const size_t length = end ? (size_t)(end - rest) - 3 : strlen(rest + 3);
        if (config->gate->id_part(config, rest + 3, length))
            rest += 3 + length;
        if (*rest == '\0')
            return true;
    }
    if (strncmp(rest, " / ", 3) != 0 || !mlg_on_parse(rest + 3, &on, arena))
        return false;
    for (size_t s = 0; s < config->slices.count; s++)
        if (mlg_on_fits(&on, &config->slices.items[s]) && (on.has_values || on.is_comparison))
            return true;
    return false;
}

/* The id that was probably meant: of a check, with the slice as it was written. */
static const char *nearest_id(const struct mlg_suite *suite, const char *id, struct mlg_arena *arena)
{
    size_t count = 0, most = 0;
    for (size_t g = 0; g < suite->gate_count; g++)
        most += suite->gates[g].checks.count;
    const char **ids = MLG_NEW_ARRAY(arena, const char *, most + 1);
    for (size_t g = 0; ids && g < suite->gate_count; g++)
        for (size_t c = 0; c < suite->gates[g].checks.count; c++) {
            const char *whole = mlg_check_id(&suite->gates[g], &suite->gates[g].checks.items[c].check, arena);
            if (whole)
                ids[count++] = whole;
        }
    return ids ? mlg_nearest(id, ids, count) : NULL;
}

void mlg_review_check(const struct mlg_check_config *item, double minimum, double maximum, const char *bare,
                      struct mlg_diagnostics *list)
{
    if (item->check.comparator == MLG_NO_COMPARATOR)
        return;
    if (mlg_limit_judge(item->check.comparator, &item->check.limit, minimum, maximum) ==
        MLG_LIMIT_NEVER_FAILS)
        mlg_node_diagnose(list, MLG_WARNING, item->node,
                          "'%s' can never fail: every possible value meets the limit", item->check.written);
    if (item->settings.decide == MLG_DECIDE_INTERVAL && bare)
        mlg_node_diagnose(
            list, MLG_WARNING, item->node,
            "'%s' is always inconclusive: no interval is known for %s; 'decide: point' compares "
            "the value alone",
            item->check.written, bare);
}

static bool same_quantity(const struct mlg_check *a, const struct mlg_check *b)
{
    if (strcmp(a->name, b->name) != 0 || a->argument_count != b->argument_count)
        return false;
    for (size_t i = 0; i < a->argument_count; i++)
        if (!mlg_text_equal(a->arguments[i].name, b->arguments[i].name) ||
            strcmp(a->arguments[i].value, b->arguments[i].value) != 0)
            return false;
    return true;
}

void mlg_check_once(const struct mlg_gate_config *config, size_t check, struct mlg_diagnostics *list)
{
    const struct mlg_check_config *item = &config->checks.items[check];
    for (size_t i = 0; i < check; i++)
        if (strcmp(item->check.written, config->checks.items[i].check.written) == 0)
            mlg_node_diagnose(list, MLG_ERROR, item->node, "the check '%s' is written twice",
                              item->check.written);
}

bool mlg_has_opposite(const struct mlg_gate_config *config, const struct mlg_check_config *item,
                      double minimum, double maximum)
{
    for (size_t i = 0; i < config->checks.count; i++) {
        const struct mlg_check *other = &config->checks.items[i].check;
        if (other->comparator != MLG_NO_COMPARATOR &&
            mlg_wants_more(other->comparator) != mlg_wants_more(item->check.comparator) &&
            same_quantity(other, &item->check) &&
            mlg_limit_judge(other->comparator, &other->limit, minimum, maximum) != MLG_LIMIT_NEVER_FAILS)
            return true;
    }
    return false;
}

const char *mlg_doubt_direction(const struct mlg_gate_config *config, const struct mlg_check_config *item,
                                enum mlg_direction direction, double minimum, double maximum,
                                struct mlg_arena *arena)
{
    static const char *const turned[] = {
        [MLG_AT_LEAST] = "<=", [MLG_AT_MOST] = ">=", [MLG_ABOVE] = "<", [MLG_BELOW] = ">"};
    const enum mlg_comparator comparator = item->check.comparator;
    if (comparator == MLG_NO_COMPARATOR || direction == MLG_NO_DIRECTION ||
        mlg_wants_more(comparator) == (direction == MLG_HIGHER_IS_BETTER) ||
        mlg_has_opposite(config, item, minimum, maximum) ||
        mlg_limit_judge(comparator, &item->check.limit, minimum, maximum) == MLG_LIMIT_NEVER_FAILS)
        return NULL;
    return mlg_arena_format(arena,
                            "looks the wrong way: %s is better, and the limit fails what is good; did you "
                            "mean '%s'?",
                            direction == MLG_HIGHER_IS_BETTER ? "more" : "less", turned[comparator]);
}

/* Limits that say less than they seem. */
static void review_limits(const struct mlg_gate_config *config, struct mlg_arena *arena,
                          struct mlg_diagnostics *list)
{
    for (size_t c = 0; config->gate->doubt && c < config->checks.count; c++) {
        const struct mlg_check_config *item = &config->checks.items[c];
        const char *doubt = config->gate->doubt(config, item, arena);
        if (doubt)
            mlg_node_diagnose(list, MLG_WARNING, item->node, "'%s' %s", item->check.written, doubt);
    }
}

static void review_waiver(const struct mlg_suite *suite, const struct mlg_waiver *waiver, const char *today,
                          struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    bool known = false;
    if (!waiver->check || !waiver->expires)
        return;
    if (strcmp(waiver->expires, today) < 0)
        mlg_node_diagnose(list, MLG_WARNING, waiver->node,
                          "the waiver of '%s' expired on %s and waives nothing", waiver->check,
                          waiver->expires);
    for (size_t g = 0; !known && g < suite->gate_count; g++)
        for (size_t c = 0; !known && c < suite->gates[g].checks.count; c++)
            known =
                mlg_gate_judges(suite->gates[g].gate, &suite->gates[g].checks.items[c].check) &&
                may_have_id(&suite->gates[g], &suite->gates[g].checks.items[c].check, waiver->check, arena);
    if (known)
        return;
    const char *near = nearest_id(suite, waiver->check, arena);
    mlg_node_diagnose(list, MLG_WARNING, waiver->node, "no check can have the id '%s' that is waived%s%s%s",
                      waiver->check, near ? "; did you mean '" : "; 'id' in results.json has them",
                      near ? near : "", near ? "'?" : "");
}

void mlg_suite_review(const struct mlg_suite *suite, const struct mlg_world *world, struct mlg_arena *arena,
                      struct mlg_diagnostics *list)
{
    char today[MLG_DATE_SIZE];
    mlg_today(world, today);
    for (size_t g = 0; g < suite->gate_count; g++) {
        if (suite->gates[g].gate->review)
            suite->gates[g].gate->review(&suite->gates[g], suite, arena, list);
        review_limits(&suite->gates[g], arena, list);
    }
    for (size_t w = 0; w < suite->waiver_count; w++)
        review_waiver(suite, &suite->waivers[w], today, arena, list);
    mlg_diagnostics_sort(list);
}
