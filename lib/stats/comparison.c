/* comparison: many groups against each other, as evidence. */
#include "comparison.h"

#include <math.h>
#include <string.h>

#include "family.h"
#include "mlgate/distribution.h"

enum {
    /* With more contrasts than this, what more rows would give is asked of the deciding one alone. */
    MANY_CONTRASTS = 20000
};

struct place {
    size_t panel, a, b;
    bool turned; /* the other direction of the contrast */
};

/* A panel's most extreme contrast. NaN or infinite: there is none that is a number. */
struct extreme {
    double value;
    struct place where;
};

struct state {
    struct mlg_comparison comparison;
    double minimum, maximum;
    double separation;         /* twice the distance of the limit from parity, in standard errors */
    double contrasts;          /* how many claims "beyond" there are */
    struct mlg_limits *limits; /* of all members, panel by panel, and of the overall ones: a cache */
    bool *is_known;
    bool is_unforeseen; /* some member's bounds are not known for other numbers of rows */
    size_t member_count;
    size_t *first;      /* of each panel, in limits */
    bool is_restricted; /* only these are looked at, for other numbers of rows: of each panel of a mean, else
                           one of all */
    struct place *only_inside, *only_beyond;
    struct extreme *extremes; /* of each panel: what its value is of */
    size_t worst;             /* the panel whose extreme is the value; of a mean, the most extreme one */
};

/* ---- one contrast -------------------------------------------------------------------------------- */

struct asked {
    struct state *state;
    double confidence, multiplier;
};

static const struct mlg_member *other_of(const struct mlg_comparison *comparison,
                                         const struct mlg_panel *panel, size_t b)
{
    (void)comparison;
    return b == panel->count ? panel->overall : &panel->members[b];
}

static struct mlg_rate times(struct mlg_rate rate, double multiplier)
{
    return (struct mlg_rate){rate.successes * multiplier, rate.trials * multiplier};
}

/* All rows but those of the group. */
static struct mlg_rate rest_of(struct mlg_rate all, struct mlg_rate group)
{
    return (struct mlg_rate){all.successes - group.successes, all.trials - group.trials};
}

/* Is the method one of a group by itself, not of a pair? */
static bool is_of_one(int method)
{
    return method != MLG_METHOD_COUNT && method != MLG_METHOD_NEWCOMBE &&
           method != MLG_METHOD_MIETTINEN_NURMINEN && method != MLG_METHOD_KOOPMAN &&
           method != MLG_METHOD_KATZ;
}

/* Newcombe's and Miettinen and Nurminen's bounds are of a difference, Koopman's and Katz's of a ratio. */
static bool is_of_form(int method, enum mlg_form form)
{
    return (method == MLG_METHOD_NEWCOMBE || method == MLG_METHOD_MIETTINEN_NURMINEN)
               ? form == MLG_FORM_DIFFERENCE
               : form == MLG_FORM_RATIO;
}

bool mlg_pair_is_small(struct mlg_rate a, struct mlg_rate b)
{
    return fmin(fmin(a.successes, a.trials - a.successes), fmin(b.successes, b.trials - b.successes)) <
           MLG_SMALL_CELL;
}

/* What a pair of counts is judged by; MLG_METHOD_NONE: each one's own bounds. */
static enum mlg_method pair_method(const struct asked *asked, const struct mlg_member *a,
                                   const struct mlg_member *b)
{
    const struct mlg_comparison *comparison = &asked->state->comparison;
    const bool ratio = comparison->form == MLG_FORM_RATIO;
    if (!a->counted || !b->counted || is_of_one(comparison->method) || (a->is_entangled && b->is_entangled))
        return MLG_METHOD_NONE;
    if (comparison->method != MLG_METHOD_COUNT)
        return (enum mlg_method)comparison->method;
    if (mlg_pair_is_small(times(a->rate, asked->multiplier), times(b->rate, asked->multiplier)))
        return MLG_METHOD_MOVER_CLOPPER_PEARSON;
    return ratio ? MLG_METHOD_KOOPMAN : MLG_METHOD_NEWCOMBE;
}

/* A group by itself; counts need no evidence of their own. */
static struct mlg_bounds own_bounds(const struct mlg_member *member, int method, double confidence,
                                    double multiplier)
{
    const struct mlg_evidence counts = {.kind = MLG_PROPORTION,
                                        .value = member->value,
                                        .minimum = 0,
                                        .maximum = 1,
                                        .numerator = (uint64_t)member->rate.successes,
                                        .denominator = (uint64_t)member->rate.trials,
                                        .method = MLG_METHOD_WILSON};
    return mlg_interval(member->counted ? &counts : member->evidence, confidence,
                        is_of_one(method) ? method : MLG_METHOD_COUNT, multiplier);
}

/* A group's own bounds. */
static struct mlg_limits own_limits(const struct asked *asked, const struct mlg_member *member, size_t slot)
{
    struct state *state = asked->state;
    const struct mlg_comparison *comparison = &state->comparison;
    if (slot < state->member_count && state->is_known[slot])
        return state->limits[slot];
    struct mlg_limits limits = {member->value, -(double)INFINITY, (double)INFINITY};
    if (member->counted && comparison->form != MLG_FORM_ITSELF && !is_of_one(comparison->method)) {
        limits = mlg_clopper_pearson(times(member->rate, asked->multiplier), asked->confidence);
    } else {
        const struct mlg_bounds bounds =
            own_bounds(member, comparison->method, asked->confidence, asked->multiplier);
        if (bounds.known)
            limits = (struct mlg_limits){member->value, bounds.lower, bounds.upper};
        else
            state->is_unforeseen = true;
    }
    if (slot < state->member_count) {
        state->limits[slot] = limits;
        state->is_known[slot] = true;
    }
    return limits;
}

/* As if one were high where the other is low. */
static struct mlg_limits opposed(struct mlg_limits a, struct mlg_limits b, bool ratio)
{
    if (!ratio)
        return (struct mlg_limits){a.value - b.value, a.lower - b.upper, a.upper - b.lower};
    return (struct mlg_limits){a.value / b.value, b.upper > 0 ? fmax(0, a.lower) / b.upper : 0,
                               b.lower > 0 ? a.upper / b.lower : (double)INFINITY};
}

static struct mlg_limits pair_limits(const struct asked *asked, const struct mlg_member *a, size_t slot_a,
                                     const struct mlg_member *b, size_t slot_b)
{
    const bool ratio = asked->state->comparison.form == MLG_FORM_RATIO;
    const struct mlg_rate x = times(a->rate, asked->multiplier), y = times(b->rate, asked->multiplier);
    switch (pair_method(asked, a, b)) {
    case MLG_METHOD_NEWCOMBE:
        return mlg_newcombe(x, y, asked->confidence);
    case MLG_METHOD_MIETTINEN_NURMINEN:
        return mlg_miettinen_nurminen(x, y, asked->confidence);
    case MLG_METHOD_KOOPMAN:
        return mlg_koopman(x, y, asked->confidence);
    case MLG_METHOD_KATZ:
        return mlg_katz(x, y, asked->confidence);
    default:
        break;
    }
    const struct mlg_limits one = own_limits(asked, a, slot_a), other = own_limits(asked, b, slot_b);
    if (a->is_entangled && b->is_entangled)
        return opposed(one, other, ratio);
    return ratio ? mlg_mover_ratio(one, other) : mlg_mover_difference(one, other);
}

/* A group against all rows is a group against the rest: with w its share of the trials,
 * p - overall = (1 - w) (p - rest) and p / overall = r / (w r + 1 - w), r = p / rest, both rising in p. */
static struct mlg_limits with_overall(const struct asked *asked, const struct mlg_member *group,
                                      const struct mlg_member *overall)
{
    const bool ratio = asked->state->comparison.form == MLG_FORM_RATIO;
    struct mlg_member rest = {.counted = true, .rate = rest_of(overall->rate, group->rate)};
    const double w = group->rate.trials / overall->rate.trials;
    rest.value = rest.rate.successes / rest.rate.trials;
    struct mlg_limits limits = pair_limits(asked, group, SIZE_MAX, &rest, SIZE_MAX);
    double *const parts[] = {&limits.value, &limits.lower, &limits.upper};
    for (size_t i = 0; i < 3; i++)
        if (!ratio)
            *parts[i] *= 1 - w;
        else
            *parts[i] = isinf(*parts[i]) ? 1 / w : *parts[i] / (w * *parts[i] + 1 - w);
    return limits;
}

static struct mlg_limits turn(struct mlg_limits limits, enum mlg_form form)
{
    if (form == MLG_FORM_RATIO)
        return (struct mlg_limits){1 / limits.value, 1 / limits.upper, 1 / limits.lower};
    return (struct mlg_limits){-limits.value, -limits.upper, -limits.lower};
}

static struct mlg_limits contrast(const struct asked *asked, const struct place *at)
{
    const struct state *state = asked->state;
    const struct mlg_comparison *comparison = &state->comparison;
    const struct mlg_panel *panel = &comparison->panels[at->panel];
    const struct mlg_member *a = &panel->members[at->a];
    const size_t slot = state->first[at->panel];
    if (comparison->form == MLG_FORM_ITSELF)
        return own_limits(asked, a, slot + at->a);
    const struct mlg_member *b = other_of(comparison, panel, at->b);
    const bool with_rest = comparison->against == MLG_AGAINST_OVERALL && a->counted && b->counted &&
                           a->rate.trials < b->rate.trials;
    const struct mlg_limits limits =
        with_rest ? with_overall(asked, a, b) : pair_limits(asked, a, slot + at->a, b, slot + at->b);
    return at->turned ? turn(limits, comparison->form) : limits;
}

/* ---- all contrasts ------------------------------------------------------------------------------- */

/* The next contrast after `at`; false: there is none. Begin with {0, 0, SIZE_MAX, true}. */
static bool next_place(const struct mlg_comparison *comparison, struct place *at)
{
    const struct mlg_panel *panel = &comparison->panels[at->panel];
    const bool pairs = comparison->form != MLG_FORM_ITSELF && comparison->against == MLG_AGAINST_EACH_OTHER;
    if (comparison->both_ways && !at->turned) {
        at->turned = true;
        return true;
    }
    at->turned = false;
    for (;;) {
        if (pairs && at->b + 1 < panel->count) {
            at->b++;
        } else if (!pairs && at->b != SIZE_MAX && at->a + 1 < panel->count) {
            at->a++;
        } else if (pairs && at->b != SIZE_MAX && at->a + 1 < panel->count) {
            at->a++;
            at->b = 0;
        } else if (at->b == SIZE_MAX) { /* the first */
            at->b = pairs                                          ? 0
                    : comparison->against == MLG_AGAINST_REFERENCE ? panel->reference
                                                                   : panel->count;
        } else if (at->panel + 1 < comparison->panel_count) {
            at->panel++;
            panel = &comparison->panels[at->panel];
            at->a = 0;
            at->b = pairs                                          ? 0
                    : comparison->against == MLG_AGAINST_REFERENCE ? panel->reference
                                                                   : panel->count;
        } else {
            return false;
        }
        if (comparison->form == MLG_FORM_ITSELF || at->a != at->b)
            return true;
    }
}

static const struct place before_first = {0, 0, SIZE_MAX, true};

/* Bounds enclose the value, so that a value on the near side of `best` keeps its bound there too; and bounds
 * that come from each one's own are nowhere wider than those taken together. */
static bool is_plainly_inside(const struct asked *asked, const struct place *at, bool upper, double best,
                              const struct mlg_member *a, const struct mlg_member *b, bool own)
{
    const struct state *state = asked->state;
    const struct mlg_comparison *comparison = &state->comparison;
    const bool ratio = comparison->form == MLG_FORM_RATIO;
    const double value = ratio ? a->value / b->value : a->value - b->value;
    if (comparison->largest != upper)
        return comparison->largest ? value <= best : value >= best;
    if (!own)
        return false;
    const size_t first = state->first[at->panel];
    const struct mlg_limits one = own_limits(asked, a, first + at->a),
                            other = own_limits(asked, b, first + at->b);
    if (ratio)
        return !comparison->largest && other.upper > 0 && one.lower / other.upper >= best;
    return comparison->largest ? one.upper - other.lower <= best : one.lower - other.upper >= best;
}

/* ---- whole rows of pairs --------------------------------------------------------------------------- */

/* Of many groups most are nowhere near the extremes: what a group makes with the most extreme of all others
 * tells that of all its pairs at once. Rounding keeps the order, so that the same pair is found. Differences
 * that are largest, ratios that are smallest. */
struct reach {
    size_t panel;       /* SIZE_MAX: of none yet */
    double least, most; /* values */
    bool has_bounds;
    double least_lower, least_upper, most_upper; /* each one's own bounds */
};

/* Are pairs gone through row by row? */
static bool has_rows(const struct mlg_comparison *comparison)
{
    return comparison->against == MLG_AGAINST_EACH_OTHER && !comparison->both_ways &&
           comparison->form == (comparison->largest ? MLG_FORM_DIFFERENCE : MLG_FORM_RATIO);
}

/* Is it the first pair of its row? */
static bool begins_row(const struct place *at)
{
    return at->b == (at->a == 0 ? 1 : 0);
}

static void leave_row(const struct mlg_comparison *comparison, struct place *at)
{
    at->b = comparison->panels[at->panel].count - 1;
}

static void reach_of_values(const struct mlg_comparison *comparison, size_t panel, struct reach *reach)
{
    if (reach->panel == panel)
        return;
    *reach = (struct reach){.panel = panel, .least = (double)INFINITY, .most = -(double)INFINITY};
    for (size_t i = 0; i < comparison->panels[panel].count; i++) {
        reach->least = fmin(reach->least, comparison->panels[panel].members[i].value);
        reach->most = fmax(reach->most, comparison->panels[panel].members[i].value);
    }
}

static void reach_of_bounds(const struct asked *asked, struct reach *reach)
{
    const struct mlg_panel *panel = &asked->state->comparison.panels[reach->panel];
    if (reach->has_bounds)
        return;
    reach->has_bounds = true;
    reach->least_lower = reach->least_upper = (double)INFINITY;
    reach->most_upper = -(double)INFINITY;
    for (size_t i = 0; i < panel->count; i++) {
        const struct mlg_limits limits =
            own_limits(asked, &panel->members[i], asked->state->first[reach->panel] + i);
        reach->least_lower = fmin(reach->least_lower, limits.lower);
        reach->least_upper = fmin(reach->least_upper, limits.upper);
        reach->most_upper = fmax(reach->most_upper, limits.upper);
    }
}

/* Do all pairs of the group rest on each one's own bounds? */
static bool rests_on_own(const struct asked *asked, const struct mlg_member *member)
{
    const struct mlg_comparison *comparison = &asked->state->comparison;
    if (!member->counted || is_of_one(comparison->method))
        return true;
    const struct mlg_rate rate = times(member->rate, asked->multiplier);
    return comparison->method == MLG_METHOD_COUNT && mlg_pair_is_small(rate, rate);
}

/* Is no pair of the row more extreme than `best`? By the rules of is_plainly_inside; and two bounds combined
 * are at least as far out as one of them with the other's value. */
static bool is_row_inside(const struct asked *asked, const struct place *at, bool upper, double best,
                          struct reach *reach)
{
    const struct mlg_comparison *comparison = &asked->state->comparison;
    const struct mlg_member *a = &comparison->panels[at->panel].members[at->a];
    const bool ratio = comparison->form == MLG_FORM_RATIO;
    if (!isfinite(best))
        return false;
    reach_of_values(comparison, at->panel, reach);
    const bool beyond = comparison->largest != upper;
    if (beyond &&
        (ratio ? reach->most > 0 && a->value / reach->most >= best : a->value - reach->least <= best))
        return true;
    if (!rests_on_own(asked, a))
        return false;
    reach_of_bounds(asked, reach);
    const struct mlg_limits one = own_limits(asked, a, asked->state->first[at->panel] + at->a);
    if (!beyond)
        return ratio ? reach->least_upper > 0 && one.lower / reach->most_upper >= best
                     : one.upper - reach->least_lower <= best;
    const double margin = 1e-9 * (1 + fabs(best));
    if (ratio)
        return reach->most > 0 && one.upper / reach->most > best + margin;
    return one.lower - reach->least < best - margin || a->value - reach->least_upper < best - margin;
}

/* Could this contrast's bound be more extreme than `best`? Asked of the values, and of the score, which costs
 * a hundredth of the bound; true where it cannot be told so. */
static bool may_improve(const struct asked *asked, const struct place *at, bool upper, double best, double z)
{
    const struct mlg_comparison *comparison = &asked->state->comparison;
    const struct mlg_panel *panel = &comparison->panels[at->panel];
    if (comparison->form == MLG_FORM_ITSELF || comparison->against == MLG_AGAINST_OVERALL || at->turned ||
        !isfinite(best))
        return true;
    const struct mlg_member *a = &panel->members[at->a], *b = other_of(comparison, panel, at->b);
    const enum mlg_method method = pair_method(asked, a, b);
    const bool own = method == MLG_METHOD_NONE || method == MLG_METHOD_MOVER_CLOPPER_PEARSON;
    double score;
    if (is_plainly_inside(asked, at, upper, best, a, b, own))
        return false;
    if (method == MLG_METHOD_KOOPMAN && best > 0)
        score = mlg_koopman_score(times(a->rate, asked->multiplier), times(b->rate, asked->multiplier), best);
    else if (method == MLG_METHOD_MIETTINEN_NURMINEN && fabs(best) < 1)
        score = mlg_miettinen_nurminen_score(times(a->rate, asked->multiplier),
                                             times(b->rate, asked->multiplier), best);
    else
        return true;
    /* The score falls: the upper bound is where it is -z, the lower one where it is z. */
    const double level = upper ? -z : z;
    return comparison->largest ? score > level - 1e-9 : score < level + 1e-9;
}

static bool is_behind(const struct mlg_comparison *comparison, double best, double guess)
{
    return isnan(best) || (comparison->largest ? best < guess : best > guess);
}

/* A bound that the extreme one is not behind: of the pair that the value is of, or of each panel's. What is
 * clearly behind it need not be looked at. */
static double first_guess(const struct asked *asked, bool upper, size_t only)
{
    const struct state *state = asked->state;
    const bool largest = state->comparison.largest;
    double guess = (double)NAN;
    for (size_t p = 0; p < state->comparison.panel_count; p++) {
        if ((only != SIZE_MAX && p != only) || !isfinite(state->extremes[p].value))
            continue;
        const struct mlg_limits limits = contrast(asked, &state->extremes[p].where);
        const double bound = upper ? limits.upper : limits.lower;
        const double behind = bound - (largest ? 1e-9 : -1e-9) * (1 + fabs(bound));
        guess = isnan(guess) ? behind : largest ? fmax(guess, behind) : fmin(guess, behind);
    }
    return guess;
}

/* The extreme of one bound over all contrasts of panel `only`, or of all (SIZE_MAX). */
static double sweep(const struct asked *asked, bool upper, size_t only, struct place *where)
{
    const struct mlg_comparison *comparison = &asked->state->comparison;
    const double z = mlg_normal_quantile(asked->confidence);
    double best = (double)NAN;
    struct place at = before_first;
    struct reach reach = {.panel = SIZE_MAX};
    const bool rows = has_rows(comparison);
    memset(asked->state->is_known, 0, asked->state->member_count * sizeof(bool));
    const double guess = first_guess(asked, upper, only);
    while (next_place(comparison, &at)) {
        const double known = is_behind(comparison, best, guess) ? guess : best;
        if (rows && begins_row(&at) &&
            ((only != SIZE_MAX && at.panel != only) || is_row_inside(asked, &at, upper, known, &reach))) {
            leave_row(comparison, &at);
            continue;
        }
        if ((only != SIZE_MAX && at.panel != only) || !may_improve(asked, &at, upper, known, z))
            continue;
        const struct mlg_limits limits = contrast(asked, &at);
        const double bound = upper ? limits.upper : limits.lower;
        if (isnan(best) || (comparison->largest ? bound > best : bound < best)) {
            best = bound;
            *where = at;
        }
    }
    return best;
}

/* ---- levels -------------------------------------------------------------------------------------- */

/* The level of one direction of one contrast, so that all claims together have alpha. */
static double strict_alpha(const struct state *state, double alpha, double multiplier)
{
    enum { HALVINGS = 60 };
    const double share = alpha / state->contrasts, s = state->separation * sqrt(multiplier);
    double low = share / 2, high = share;
    if (!(s < 40))
        return share;
    for (int i = 0; i < HALVINGS; i++) {
        const double middle = (low + high) / 2;
        if (middle + mlg_normal_cdf(mlg_normal_quantile(middle) - s) > share)
            high = middle;
        else
            low = middle;
    }
    return low;
}

/* At which level one contrast is looked at. */
static struct asked asked_of(struct state *state, double confidence, double multiplier, bool beyond)
{
    const struct mlg_comparison *comparison = &state->comparison;
    const double alpha = (1 - confidence) / (comparison->mean ? (double)comparison->panel_count : 1);
    return (struct asked){state, 1 - (beyond ? strict_alpha(state, alpha, multiplier) : alpha), multiplier};
}

/* "All inside" and "some beyond", each as the bound that decides it. */
static double bound_of(struct state *state, double confidence, double multiplier, bool beyond, size_t only,
                       struct place *where)
{
    const struct mlg_comparison *comparison = &state->comparison;
    const struct asked asked = asked_of(state, confidence, multiplier, beyond);
    const bool upper = comparison->largest != beyond;
    if (state->is_restricted && (multiplier < 1 || multiplier > 1)) {
        memset(state->is_known, 0, state->member_count * sizeof(bool));
        const struct mlg_limits limits = contrast(&asked, (beyond ? state->only_beyond : state->only_inside) +
                                                              (comparison->mean ? only : 0));
        return upper ? limits.upper : limits.lower;
    }
    return sweep(&asked, upper, only, where);
}

static double combined(struct state *state, double confidence, double multiplier, bool beyond)
{
    struct place where;
    if (!state->comparison.mean)
        return bound_of(state, confidence, multiplier, beyond, SIZE_MAX, &where);
    double sum = 0;
    for (size_t i = 0; i < state->comparison.panel_count; i++)
        sum += bound_of(state, confidence, multiplier, beyond, i, &where);
    return sum / (double)state->comparison.panel_count;
}

static int comparison_bounds(const void *opaque, double confidence, double multiplier, double *lower,
                             double *upper)
{
    struct state *state = (struct state *)(uintptr_t)opaque;
    state->is_unforeseen = false;
    const double inside = combined(state, confidence, multiplier, false);
    const double beyond = combined(state, confidence, multiplier, true);
    *lower = fmax(state->minimum, state->comparison.largest ? beyond : inside);
    *upper = fmin(state->maximum, state->comparison.largest ? inside : beyond);
    return isnan(*lower) || isnan(*upper) || state->is_unforeseen;
}

/* ---- the value ----------------------------------------------------------------------------------- */

static double plain_value(const struct mlg_comparison *comparison, const struct place *at)
{
    const struct mlg_panel *panel = &comparison->panels[at->panel];
    const double a = panel->members[at->a].value;
    if (comparison->form == MLG_FORM_ITSELF)
        return a;
    const double b = other_of(comparison, panel, at->b)->value;
    if (comparison->form == MLG_FORM_RATIO)
        return at->turned ? b / a : a / b;
    return at->turned ? b - a : a - b;
}

static double gap(const struct mlg_comparison *comparison, const struct place *at)
{
    const struct mlg_panel *panel = &comparison->panels[at->panel];
    return comparison->form == MLG_FORM_ITSELF
               ? 0
               : fabs(panel->members[at->a].value - other_of(comparison, panel, at->b)->value);
}

static bool is_more_extreme(const struct mlg_comparison *comparison, double value, double other)
{
    return isnan(other) || (comparison->largest ? value > other : value < other);
}

/* Is every value of the row less extreme? Equal ones are looked at: which of them is taken is another rule.
 */
static bool is_far_from(const struct mlg_comparison *comparison, const struct place *at,
                        const struct reach *reach, double extreme)
{
    const double value = comparison->panels[at->panel].members[at->a].value;
    if (comparison->form == MLG_FORM_RATIO)
        return reach->most > 0 && value / reach->most > extreme;
    return value - reach->least < extreme;
}

/* How many rows stand behind a contrast. */
static double rows_behind(const struct mlg_comparison *comparison, const struct place *at)
{
    const struct mlg_panel *panel = &comparison->panels[at->panel];
    const struct mlg_member *a = &panel->members[at->a];
    const struct mlg_member *b = comparison->form == MLG_FORM_ITSELF ? a : other_of(comparison, panel, at->b);
    return (a->counted ? a->rate.trials : (double)a->evidence->n) +
           (b->counted ? b->rate.trials : (double)b->evidence->n);
}

/* 0/0 is no ratio: nothing happened in both groups, and neither is behind the other. Of several places with
 * the extreme value (0 against any other) it is the one where the groups lie furthest apart, and of those the
 * one with most rows. */
static struct extreme *find_extremes(const struct mlg_comparison *comparison, struct mlg_arena *arena)
{
    struct extreme *extremes = MLG_NEW_ARRAY(arena, struct extreme, comparison->panel_count);
    struct place at = before_first;
    struct reach reach = {.panel = SIZE_MAX};
    const bool rows = has_rows(comparison);
    for (size_t p = 0; extremes && p < comparison->panel_count; p++)
        extremes[p].value = (double)NAN;
    while (extremes && next_place(comparison, &at)) {
        if (rows && begins_row(&at)) {
            reach_of_values(comparison, at.panel, &reach);
            if (is_far_from(comparison, &at, &reach, extremes[at.panel].value)) {
                leave_row(comparison, &at);
                continue;
            }
        }
        const double value = plain_value(comparison, &at);
        struct extreme *extreme = &extremes[at.panel];
        if (isnan(value))
            continue;
        const bool equal = !is_more_extreme(comparison, value, extreme->value) &&
                           !is_more_extreme(comparison, extreme->value, value);
        const double wider = equal ? gap(comparison, &at) - gap(comparison, &extreme->where) : 0;
        if (is_more_extreme(comparison, value, extreme->value) || wider > 0 ||
            (equal && wider >= 0 && rows_behind(comparison, &at) > rows_behind(comparison, &extreme->where)))
            *extreme = (struct extreme){value, at};
    }
    return extremes;
}

/* A group's value as a ratio of counts. */
static bool counts_of(const struct mlg_member *member, struct mlg_fraction *fraction)
{
    *fraction = member->counted
                    ? (struct mlg_fraction){(uint64_t)member->rate.successes, (uint64_t)member->rate.trials}
                    : (struct mlg_fraction){member->evidence->numerator, member->evidence->denominator};
    return fraction->denominator > 0;
}

/* The contrast as one. */
static bool count_exactly(const struct mlg_comparison *comparison, const struct place *at,
                          struct mlg_fraction *fraction, bool *negative)
{
    const struct mlg_panel *panel = &comparison->panels[at->panel];
    struct mlg_fraction one, other;
    *negative = false;
    if (comparison->form == MLG_FORM_ITSELF)
        return counts_of(&panel->members[at->a], fraction);
    if (!counts_of(&panel->members[at->a], at->turned ? &other : &one) ||
        !counts_of(other_of(comparison, panel, at->b), at->turned ? &one : &other))
        return false;
    return comparison->form == MLG_FORM_RATIO ? mlg_fraction_ratio(one, other, fraction)
                                              : mlg_fraction_difference(one, other, fraction, negative);
}

/* 50/100 - 40/100 is 1/10, not what two roundings make of it; and the mean of such is that of counts too.
 * Nonzero: no memory. */
static int value_exactly(const struct mlg_comparison *comparison, const struct extreme *extremes,
                         size_t worst, struct mlg_evidence *evidence, struct mlg_arena *arena)
{
    const size_t count = comparison->mean ? comparison->panel_count : 1;
    struct mlg_fractions *fractions =
        mlg_arena_alloc(arena, 1, sizeof *fractions + count * sizeof *fractions->terms);
    if (!fractions)
        return -1;
    *fractions = (struct mlg_fractions){.count = count, .divisor = count};
    for (size_t p = 0; p < count; p++) {
        const struct place *at = &extremes[comparison->mean ? p : worst].where;
        if (!count_exactly(comparison, at, &fractions->terms[p], &fractions->negated) ||
            (fractions->negated && count > 1))
            return 0;
    }
    evidence->value = mlg_fractions_value(fractions);
    if (count == 1 && !fractions->negated) {
        evidence->numerator = fractions->terms->numerator;
        evidence->denominator = fractions->terms->denominator;
    } else {
        evidence->fractions = fractions;
    }
    return 0;
}

/* ---- evidence ------------------------------------------------------------------------------------ */

/* Standard errors of the members on the scale of the contrast; the two largest make the widest pair. */
static double widest(const struct mlg_comparison *comparison)
{
    const double confidence = 0.95, z = mlg_normal_quantile(confidence);
    double first = 0, second = 0;
    bool entangled = false;
    for (size_t p = 0; p < comparison->panel_count; p++)
        for (size_t i = 0; i < comparison->panels[p].count; i++) {
            const struct mlg_member *member = &comparison->panels[p].members[i];
            struct mlg_limits limits = {member->value, 0, (double)INFINITY};
            if (member->counted) {
                limits = mlg_wilson(member->rate, confidence);
            } else {
                const struct mlg_bounds bounds = own_bounds(member, MLG_METHOD_COUNT, confidence, 1);
                limits.lower = bounds.known ? bounds.lower : -(double)INFINITY;
                limits.upper = bounds.known ? bounds.upper : (double)INFINITY;
            }
            double error = (limits.upper - limits.lower) / (2 * z);
            if (comparison->form == MLG_FORM_RATIO)
                error = limits.lower > 0 ? log(limits.upper / limits.lower) / (2 * z) : (double)INFINITY;
            second = fmax(second, fmin(first, error));
            first = fmax(first, error);
            entangled = entangled || member->is_entangled;
        }
    return entangled ? first + second : hypot(first, second);
}

static double separation(const struct mlg_comparison *comparison)
{
    const bool two_directions = comparison->form != MLG_FORM_ITSELF &&
                                (comparison->against == MLG_AGAINST_EACH_OTHER || comparison->both_ways);
    if (!two_directions)
        return (double)INFINITY;
    /* Of a mean each part may be anywhere, at parity too. */
    if (!comparison->has_limit || comparison->mean)
        return 0;
    const double distance =
        comparison->form == MLG_FORM_RATIO
            ? (comparison->limit > 0 && comparison->limit < 1 ? -log(comparison->limit) : 0)
            : fmax(0, comparison->limit);
    const double error = widest(comparison);
    return isfinite(error) && error > 0 ? 2 * distance / error : 0;
}

static double count_contrasts(const struct mlg_comparison *comparison)
{
    double count = 0;
    for (size_t p = 0; p < (comparison->mean ? 1 : comparison->panel_count); p++) {
        const double members = (double)comparison->panels[p].count;
        if (comparison->form == MLG_FORM_ITSELF || comparison->against == MLG_AGAINST_OVERALL)
            count += members;
        else
            count += comparison->against == MLG_AGAINST_REFERENCE ? members - 1 : members * (members - 1) / 2;
    }
    return fmax(1, count);
}

static struct state *new_state(const struct mlg_comparison *comparison, const struct mlg_evidence *evidence,
                               struct mlg_arena *arena)
{
    struct state *state = MLG_NEW(arena, struct state);
    size_t members = 0;
    if (!state)
        return NULL;
    *state =
        (struct state){.comparison = *comparison, .minimum = evidence->minimum, .maximum = evidence->maximum};
    state->first = MLG_NEW_ARRAY(arena, size_t, comparison->panel_count + 1);
    if (!state->first)
        return NULL;
    for (size_t p = 0; p < comparison->panel_count; p++) {
        state->first[p] = members;
        members += comparison->panels[p].count + 1; /* and all groups together */
    }
    state->member_count = members;
    state->only_inside = MLG_NEW_ARRAY(arena, struct place, comparison->panel_count + 1);
    state->only_beyond = MLG_NEW_ARRAY(arena, struct place, comparison->panel_count + 1);
    state->limits = MLG_NEW_ARRAY(arena, struct mlg_limits, members);
    state->is_known = MLG_NEW_ARRAY(arena, bool, members);
    return state->limits && state->is_known && state->only_inside && state->only_beyond ? state : NULL;
}

/* Has every group bounds, and by the method that was asked for? None is replaced in silence. */
static bool has_bounds(const struct mlg_comparison *comparison, int method)
{
    const bool of_pairs = method != MLG_METHOD_COUNT && !is_of_one(method);
    if (of_pairs && !is_of_form(method, comparison->form))
        return false;
    for (size_t p = 0; p < comparison->panel_count; p++)
        for (size_t i = 0; i < comparison->panels[p].count; i++) {
            const struct mlg_member *member = &comparison->panels[p].members[i];
            if (of_pairs ? !member->counted : !own_bounds(member, method, 0.95, 1).known)
                return false;
        }
    return true;
}

static enum mlg_method method_of(struct state *state, const struct place *at)
{
    const struct mlg_comparison *comparison = &state->comparison;
    const struct mlg_panel *panel = &comparison->panels[at->panel];
    const struct mlg_member *a = &panel->members[at->a];
    const struct asked asked = {state, 0.95, 1};
    if (comparison->form == MLG_FORM_ITSELF)
        return own_bounds(a, comparison->method, 0.95, 1).method;
    const struct mlg_member *b = other_of(comparison, panel, at->b);
    const enum mlg_method method = pair_method(&asked, a, b);
    return method == MLG_METHOD_NONE ? MLG_METHOD_MOVER : method;
}

static int no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory to compare groups");
}

/* Why a panel has no ratio. */
static int no_ratio(const struct mlg_comparison *comparison, const struct mlg_panel *panel,
                    struct mlg_evidence *evidence)
{
    const char *name = panel->name ? panel->name : "", *colon = panel->name ? ": " : "";
    for (size_t i = 0; i < panel->count; i++)
        if (fabs(panel->members[i].value) > 0)
            return mlg_evidence_undefined(evidence, "%s%s%s has 0, and nothing is a share of 0", name, colon,
                                          comparison->against == MLG_AGAINST_REFERENCE ? "the reference"
                                                                                       : "a group");
    return mlg_evidence_undefined(evidence, "%s%severy group has 0, and 0/0 is no ratio", name, colon);
}

int mlg_compare(const struct mlg_comparison *comparison, struct mlg_evidence *evidence,
                struct mlg_arena *arena, struct mlg_error *error)
{
    double sum = 0;
    evidence->kind = MLG_VALUE_ONLY;
    evidence->method = MLG_METHOD_NONE;
    evidence->numerator = evidence->denominator = 0;
    evidence->fractions = NULL;
    struct extreme *extremes = find_extremes(comparison, arena);
    size_t worst = 0;
    if (!extremes)
        return no_memory(error);
    for (size_t p = 0; p < comparison->panel_count; p++) {
        if (comparison->form == MLG_FORM_RATIO && !isfinite(extremes[p].value))
            return no_ratio(comparison, &comparison->panels[p], evidence);
        if (is_more_extreme(comparison, extremes[p].value, extremes[worst].value))
            worst = p;
        sum += extremes[p].value;
    }
    evidence->value = comparison->mean ? sum / (double)comparison->panel_count : extremes[worst].value;
    if (value_exactly(comparison, extremes, worst, evidence, arena) != 0)
        return no_memory(error);
    struct state *state = new_state(comparison, evidence, arena);
    if (!state)
        return no_memory(error);
    state->extremes = extremes;
    state->worst = worst;
    /* Whose bounds are not known, their values can still be told of. */
    evidence->bounds = comparison_bounds;
    evidence->state = state;
    if (!has_bounds(comparison, comparison->method)) {
        if (has_bounds(comparison, MLG_METHOD_COUNT))
            mlg_family_bare(evidence, "interval: %s is not made for this comparison; use interval: auto",
                            mlg_methods[comparison->method].name);
        return MLG_OK;
    }
    state->separation = separation(comparison);
    state->contrasts = count_contrasts(comparison);
    if (state->contrasts > MANY_CONTRASTS) {
        const double confidence = 0.95;
        for (size_t p = 0; p < (comparison->mean ? comparison->panel_count : 1); p++) {
            const size_t only = comparison->mean ? p : SIZE_MAX;
            bound_of(state, confidence, 1, false, only, &state->only_inside[p]);
            bound_of(state, confidence, 1, true, only, &state->only_beyond[p]);
        }
        state->is_restricted = true;
    }
    evidence->kind = MLG_BOUNDS;
    evidence->method = method_of(state, &extremes[worst].where);
    return MLG_OK;
}

bool mlg_is_comparison(const struct mlg_evidence *evidence)
{
    return evidence->bounds == comparison_bounds;
}

const struct mlg_panel *mlg_comparison_panel(const struct mlg_evidence *evidence)
{
    const struct state *state = evidence->state;
    return state->comparison.panel_count == 1 ? state->comparison.panels : NULL;
}

/* Is the contrast by itself beyond the limit? */
static bool is_beyond(const struct mlg_comparison *comparison, struct mlg_limits limits)
{
    return comparison->has_limit &&
           (comparison->largest ? limits.lower > comparison->limit : limits.upper < comparison->limit);
}

struct mlg_deciding mlg_comparison_deciding(const struct mlg_evidence *evidence, double confidence,
                                            enum mlg_telling telling, size_t only)
{
    struct state *state = (struct state *)(uintptr_t)evidence->state;
    const struct mlg_comparison *comparison = &state->comparison;
    const bool beyond = telling == MLG_TELL_BEYOND, bounded = evidence->kind == MLG_BOUNDS;
    struct place where = state->extremes[only == SIZE_MAX ? state->worst : only].where;
    struct mlg_deciding deciding = {.method = MLG_METHOD_NONE};
    if (telling != MLG_TELL_VALUE) {
        const struct asked asked = asked_of(state, confidence, 1, beyond);
        memset(state->is_known, 0, state->member_count * sizeof(bool));
        deciding.limits = contrast(&asked, &where);
        /* What the value is of is told where it is proven: a reader sees both side by side. */
        if (!beyond || !is_beyond(comparison, deciding.limits)) {
            bound_of(state, confidence, 1, beyond, only, &where);
            memset(state->is_known, 0, state->member_count * sizeof(bool));
            deciding.limits = contrast(&asked, &where);
        }
    }
    deciding.part = where.panel;
    deciding.a = where.a;
    deciding.b = comparison->form == MLG_FORM_ITSELF ? where.a : where.b;
    deciding.of_mean = comparison->mean;
    if (bounded)
        deciding.method = method_of(state, &where);
    return deciding;
}
