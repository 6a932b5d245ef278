/* Many groups against each other: what is judged, at which level, and by which pair. Bounds are compared with
 * a plain loop over all pairs that knows neither caches nor shortcuts. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../lib/stats/comparison.h"
#include "mlgate/distribution.h"
#include "mlgate/verdict.h"
#include "named_rows.h"

enum { MOST = 256 };

static const double confidence = 0.95, alpha = 0.05;

/* ---- panels -------------------------------------------------------------------------------------- */

struct scene {
    struct mlg_member members[2][MOST + 1];
    struct mlg_panel panels[2];
    struct mlg_comparison comparison;
    struct mlg_arena arena;
    struct mlg_error error;
    struct mlg_evidence evidence;
};

static struct mlg_member counted(double successes, double trials)
{
    return (struct mlg_member){.value = successes / trials, .counted = true, .rate = {successes, trials}};
}

/* Panels are filled up to the first group without rows; all groups together stand behind them. */
static void scene_begin(struct scene *scene, const struct mlg_comparison *comparison,
                        const struct mlg_rate *rates, size_t count, size_t panels)
{
    memset(scene, 0, sizeof *scene);
    mlg_arena_init(&scene->arena, 0);
    scene->comparison = *comparison;
    for (size_t p = 0; p < panels; p++) {
        struct mlg_panel *panel = &scene->panels[p];
        struct mlg_rate all = {0, 0};
        while (panel->count < count && rates[p * count + panel->count].trials > 0) {
            const struct mlg_rate rate = rates[p * count + panel->count];
            scene->members[p][panel->count++] = counted(rate.successes, rate.trials);
            all.successes += rate.successes;
            all.trials += rate.trials;
        }
        panel->members = scene->members[p];
        scene->members[p][panel->count] = counted(all.successes, all.trials);
        panel->overall = &scene->members[p][panel->count];
    }
    scene->comparison.panels = scene->panels;
    scene->comparison.panel_count = panels;
    const bool ratio = comparison->form == MLG_FORM_RATIO;
    scene->evidence =
        (struct mlg_evidence){.minimum = ratio ? 0 : -1, .maximum = ratio ? (double)INFINITY : 1};
}

static void scene_compare(struct scene *scene)
{
    assert_int_equal(mlg_compare(&scene->comparison, &scene->evidence, &scene->arena, &scene->error), MLG_OK);
}

static void scene_end(struct scene *scene)
{
    mlg_arena_free(&scene->arena);
}

/* As they are, before anything is clipped. */
static struct mlg_limits bounds_of(const struct scene *scene, double multiplier)
{
    struct mlg_limits limits = {.value = scene->evidence.value};
    assert_int_equal(scene->evidence.kind, MLG_BOUNDS);
    assert_int_equal(
        scene->evidence.bounds(scene->evidence.state, confidence, multiplier, &limits.lower, &limits.upper),
        0);
    return limits;
}

static void near(double value, double expected)
{
    if (!(fabs(value - expected) <= 1e-9 * fmax(1, fabs(expected))) && !(isinf(value) && value == expected))
        fail_msg("%.17g instead of %.17g", value, expected);
}

/* ---- values -------------------------------------------------------------------------------------- */

struct value_row {
    const char *name;
    struct mlg_comparison comparison;
    struct mlg_rate rates[2][4];
    struct {
        size_t panels, reference;
        double value;
        uint64_t numerator, denominator; /* a fraction that is equal; 0/0: it is not told as one */
    } is;
};

#define EACH_OTHER(form_) .form = (form_), .against = MLG_AGAINST_EACH_OTHER, .method = MLG_METHOD_COUNT
#define OVERALL(form_) .form = (form_), .against = MLG_AGAINST_OVERALL, .method = MLG_METHOD_COUNT
#define REFERENCE(form_) .form = (form_), .against = MLG_AGAINST_REFERENCE, .method = MLG_METHOD_COUNT

static const struct value_row values[] = {
    {"a difference is the largest less the smallest",
     {EACH_OTHER(MLG_FORM_DIFFERENCE), .largest = true},
     {{{45, 100}, {40, 100}, {50, 100}}},
     {1, 0, 0.1, 1, 10}},
    {"a ratio is the smallest by the largest, and 40/100 by 50/100 is 4/5",
     {EACH_OTHER(MLG_FORM_RATIO)},
     {{{45, 100}, {40, 100}, {50, 100}}},
     {1, 0, 0.8, 4, 5}},
    {"groups of different size are compared exactly",
     {EACH_OTHER(MLG_FORM_RATIO)},
     {{{24, 60}, {35, 70}}},
     {1, 0, 0.8, 4, 5}},
    {"the smallest value by itself",
     {EACH_OTHER(MLG_FORM_ITSELF)},
     {{{45, 100}, {40, 120}, {50, 100}}},
     {1, 0, 1.0 / 3, 40, 120}},
    {"the largest value by itself",
     {EACH_OTHER(MLG_FORM_ITSELF), .largest = true},
     {{{45, 100}, {40, 120}, {50, 100}}},
     {1, 0, 0.5, 1, 2}},
    {"against a reference, one way: who is furthest ahead",
     {REFERENCE(MLG_FORM_DIFFERENCE), .largest = true},
     {{{50, 100}, {40, 100}, {55, 100}}},
     {1, 0, 0.05, 1, 20}},
    {"against a reference, one way: who is furthest behind is negative, and no ratio of counts",
     {REFERENCE(MLG_FORM_DIFFERENCE)},
     {{{55, 100}, {50, 100}, {40, 100}}},
     {1, 1, -0.1, 0, 0}},
    {"against a reference, both ways: the largest by size",
     {REFERENCE(MLG_FORM_DIFFERENCE), .largest = true, .both_ways = true},
     {{{55, 100}, {50, 100}, {40, 100}}},
     {1, 1, 0.1, 1, 10}},
    {"a ratio to a reference may exceed 1",
     {REFERENCE(MLG_FORM_RATIO)},
     {{{60, 100}, {50, 100}, {55, 100}}},
     {1, 1, 1.1, 11, 10}},
    {"the reference itself is not among those compared",
     {REFERENCE(MLG_FORM_RATIO)},
     {{{60, 100}, {50, 100}}},
     {1, 1, 1.2, 6, 5}},
    {"against all rows, both ways: 30/100 against 90/200 is behind",
     {OVERALL(MLG_FORM_DIFFERENCE), .largest = true, .both_ways = true},
     {{{30, 100}, {60, 100}}},
     {1, 0, 0.15, 3, 20}},
    {"a ratio to all rows, both ways: 45/90 is 3/4 of 60/90",
     {OVERALL(MLG_FORM_RATIO), .both_ways = true},
     {{{20, 60}, {40, 60}}},
     {1, 0, 2.0 / 3, 2, 3}},
    {"a ratio to all rows, the other way: the group is ahead by more than it is behind",
     {OVERALL(MLG_FORM_RATIO), .both_ways = true},
     {{{50, 100}, {50, 100}, {100, 100}}},
     {1, 0, 2.0 / 3, 2, 3}},
    {"of two panels the worse one counts",
     {EACH_OTHER(MLG_FORM_DIFFERENCE), .largest = true},
     {{{45, 100}, {40, 100}}, {{10, 50}, {20, 50}}},
     {2, 0, 0.2, 1, 5}},
    {"the mean of two panels",
     {EACH_OTHER(MLG_FORM_DIFFERENCE), .largest = true, .mean = true},
     {{{45, 100}, {40, 100}}, {{10, 50}, {20, 50}}},
     {2, 0, 0.125, 0, 0}},
    {"what 64 bits do not hold is left to doubles",
     {EACH_OTHER(MLG_FORM_RATIO)},
     {{{4e9, 1e10}, {5e9, 1e10}}},
     {1, 0, 0.8, 0, 0}},
    {"so is a difference",
     {EACH_OTHER(MLG_FORM_DIFFERENCE), .largest = true},
     {{{4e9, 1e10}, {5e9, 1e10}}},
     {1, 0, 0.1, 0, 0}},
    {"nothing against something is a ratio of 0",
     {EACH_OTHER(MLG_FORM_RATIO)},
     {{{0, 20}, {5, 100}}},
     {1, 0, 0, 0, 1}},
    {"nothing twice is passed over where a third group has something",
     {EACH_OTHER(MLG_FORM_RATIO)},
     {{{0, 20}, {0, 30}, {5, 100}}},
     {1, 0, 0, 0, 1}},
    {"nothing everywhere is no difference",
     {EACH_OTHER(MLG_FORM_DIFFERENCE), .largest = true},
     {{{0, 20}, {0, 30}}},
     {1, 0, 0, 0, 1}},
};

static void has_the_value(void **state)
{
    const struct value_row *row = *state;
    struct scene scene;
    scene_begin(&scene, &row->comparison, row->rates[0], 4, row->is.panels);
    for (size_t p = 0; p < row->is.panels; p++)
        scene.panels[p].reference = row->is.reference;
    scene_compare(&scene);
    near(scene.evidence.value, row->is.value);
    const uint64_t numerator = scene.evidence.numerator, denominator = scene.evidence.denominator;
    assert_int_equal(denominator > 0, row->is.denominator > 0);
    assert_true(numerator * row->is.denominator == denominator * row->is.numerator);
    const struct mlg_limits limits = bounds_of(&scene, 1);
    assert_true(limits.lower <= limits.value + 1e-12 && limits.value <= limits.upper + 1e-12);
    scene_end(&scene);
}

/* Four fifths exactly is no violation, and not above four fifths either. */
static void four_fifths_are_met_exactly(void **state)
{
    (void)state;
    const struct mlg_comparison comparison = {EACH_OTHER(MLG_FORM_RATIO)};
    const struct mlg_rate exact[] = {{48, 300}, {50, 250}}, below[] = {{47, 300}, {50, 250}},
                          huge[] = {{4e9, 1e10}, {5e9, 1e10}};
    struct mlg_decimal limit;
    struct scene scene;
    assert_true(mlg_decimal_parse("0.8", 3, &limit));
    scene_begin(&scene, &comparison, exact, 2, 1);
    scene_compare(&scene);
    assert_true(mlg_meets(&scene.evidence, MLG_AT_LEAST, &limit));
    assert_false(mlg_meets(&scene.evidence, MLG_ABOVE, &limit));
    scene_end(&scene);
    scene_begin(&scene, &comparison, below, 2, 1);
    scene_compare(&scene);
    assert_false(mlg_meets(&scene.evidence, MLG_AT_LEAST, &limit));
    scene_end(&scene);
    scene_begin(&scene, &comparison, huge, 2, 1);
    scene_compare(&scene);
    assert_int_equal(scene.evidence.denominator, 0);
    assert_true(mlg_meets(&scene.evidence, MLG_AT_LEAST, &limit));
    scene_end(&scene);
}

/* 0.5 - 0.4 is 0.1, the mean of it and of 0.35 - 0.3 is 0.075, and 0.4 - 0.45 is -0.05. */
static void differences_are_met_exactly(void **state)
{
    (void)state;
    static const struct {
        struct mlg_comparison comparison;
        struct mlg_rate rates[2][2];
        size_t panels;
        const char *limit;
    } cases[] = {
        {{EACH_OTHER(MLG_FORM_DIFFERENCE), .largest = true}, {{{50, 100}, {20, 50}}}, 1, "0.1"},
        {{EACH_OTHER(MLG_FORM_DIFFERENCE), .largest = true, .mean = true},
         {{{50, 100}, {20, 50}}, {{30, 100}, {7, 20}}},
         2,
         "0.075"},
        {{EACH_OTHER(MLG_FORM_RATIO), .mean = true}, {{{48, 300}, {50, 250}}, {{3, 10}, {5, 10}}}, 2, "0.7"},
        {{.form = MLG_FORM_DIFFERENCE, .against = MLG_AGAINST_REFERENCE, .method = MLG_METHOD_COUNT},
         {{{45, 100}, {40, 100}}},
         1,
         "-0.05"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct mlg_decimal limit;
        struct scene scene;
        assert_true(mlg_decimal_parse(cases[i].limit, strlen(cases[i].limit), &limit));
        scene_begin(&scene, &cases[i].comparison, cases[i].rates[0], 2, cases[i].panels);
        scene_compare(&scene);
        if (scene.evidence.value != limit.value)
            fail_msg("%.17g instead of %s", scene.evidence.value, cases[i].limit);
        assert_true(mlg_meets(&scene.evidence, MLG_AT_LEAST, &limit));
        assert_true(mlg_meets(&scene.evidence, MLG_AT_MOST, &limit));
        assert_false(mlg_meets(&scene.evidence, MLG_ABOVE, &limit));
        assert_false(mlg_meets(&scene.evidence, MLG_BELOW, &limit));
        scene_end(&scene);
    }
}

static void a_ratio_of_nothing_is_undefined(void **state)
{
    (void)state;
    const struct mlg_rate rates[] = {{0, 20}, {0, 30}, {0, 40}};
    struct scene scene;
    scene_begin(&scene, &(struct mlg_comparison){EACH_OTHER(MLG_FORM_RATIO)}, rates, 3, 1);
    scene_compare(&scene);
    assert_int_equal(scene.evidence.kind, MLG_UNDEFINED);
    assert_non_null(strstr(scene.evidence.reason, "every group has 0"));
    scene_end(&scene);
}

/* ---- bounds of nothing --------------------------------------------------------------------------- */

/* With every method that bounds a ratio: 0 of n against x of n has ratio 0, and lower bound 0. */
static void a_ratio_of_nothing_to_something_begins_at_0(void **state)
{
    (void)state;
    static const int methods[] = {MLG_METHOD_COUNT,  MLG_METHOD_KOOPMAN,         MLG_METHOD_KATZ,
                                  MLG_METHOD_WILSON, MLG_METHOD_CLOPPER_PEARSON, MLG_METHOD_JEFFREYS};
    const struct mlg_rate rates[] = {{0, 20}, {300, 500}, {310, 500}};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        const struct mlg_comparison comparison = {.form = MLG_FORM_RATIO, .method = methods[i]};
        struct scene scene;
        scene_begin(&scene, &comparison, rates, 3, 1);
        scene_compare(&scene);
        const struct mlg_limits limits = bounds_of(&scene, 1);
        assert_true(limits.value == 0 && limits.lower == 0);
        if (methods[i] != MLG_METHOD_KATZ) /* which is silent where a count is 0 */
            assert_true(limits.upper > 0 && limits.upper < 0.8);
        scene_end(&scene);
    }
}

/* ---- a plain loop -------------------------------------------------------------------------------- */

static uint64_t drawn = 1;

static double draw(double most)
{
    drawn = drawn * 6364136223846793005U + 1442695040888963407U;
    return floor((double)(drawn >> 33) / 2147483648.0 * (most + 1));
}

typedef struct mlg_limits (*pair_method)(struct mlg_rate a, struct mlg_rate b, double level);

/* The extreme bound over all ordered pairs of one panel. */
static double brute(const struct mlg_panel *panel, pair_method method, bool largest, bool upper, double level)
{
    double best = (double)NAN;
    for (size_t a = 0; a < panel->count; a++)
        for (size_t b = 0; b < panel->count; b++) {
            if (a == b)
                continue;
            const struct mlg_limits limits =
                method(panel->members[a].rate, panel->members[b].rate, 1 - level);
            const double bound = upper ? limits.upper : limits.lower;
            if (isnan(best) || (largest ? bound > best : bound < best))
                best = bound;
        }
    return best;
}

static struct mlg_limits wilson_ratio(struct mlg_rate a, struct mlg_rate b, double level)
{
    return mlg_mover_ratio(mlg_wilson(a, level), mlg_wilson(b, level));
}

static struct mlg_limits exact_ratio(struct mlg_rate a, struct mlg_rate b, double level)
{
    return mlg_mover_ratio(mlg_clopper_pearson(a, level), mlg_clopper_pearson(b, level));
}

static struct mlg_limits exact_difference(struct mlg_rate a, struct mlg_rate b, double level)
{
    return mlg_mover_difference(mlg_clopper_pearson(a, level), mlg_clopper_pearson(b, level));
}

static double smallest_cell(struct mlg_rate a, struct mlg_rate b)
{
    return fmin(fmin(a.successes, a.trials - a.successes), fmin(b.successes, b.trials - b.successes));
}

static struct mlg_limits auto_ratio(struct mlg_rate a, struct mlg_rate b, double level)
{
    return smallest_cell(a, b) < 50 ? exact_ratio(a, b, level) : mlg_koopman(a, b, level);
}

static struct mlg_limits auto_difference(struct mlg_rate a, struct mlg_rate b, double level)
{
    return smallest_cell(a, b) < 50 ? exact_difference(a, b, level) : mlg_newcombe(a, b, level);
}

struct method_row {
    const char *name;
    int method;
    pair_method pair;
    enum mlg_form form;
    bool largest;
};

static const struct method_row methods[] = {
    {"newcombe agrees with a loop over all pairs", MLG_METHOD_NEWCOMBE, mlg_newcombe, MLG_FORM_DIFFERENCE,
     true},
    {"newcombe, smallest, agrees with a loop", MLG_METHOD_NEWCOMBE, mlg_newcombe, MLG_FORM_DIFFERENCE, false},
    {"miettinen and nurminen with a shortcut agrees with a loop", MLG_METHOD_MIETTINEN_NURMINEN,
     mlg_miettinen_nurminen, MLG_FORM_DIFFERENCE, true},
    {"miettinen and nurminen, smallest, agrees with a loop", MLG_METHOD_MIETTINEN_NURMINEN,
     mlg_miettinen_nurminen, MLG_FORM_DIFFERENCE, false},
    {"koopman with a shortcut agrees with a loop", MLG_METHOD_KOOPMAN, mlg_koopman, MLG_FORM_RATIO, false},
    {"koopman, largest, agrees with a loop", MLG_METHOD_KOOPMAN, mlg_koopman, MLG_FORM_RATIO, true},
    {"katz agrees with a loop", MLG_METHOD_KATZ, mlg_katz, MLG_FORM_RATIO, false},
    {"a ratio from wilson's limits agrees with a loop", MLG_METHOD_WILSON, wilson_ratio, MLG_FORM_RATIO,
     false},
    {"a ratio from clopper and pearson's agrees with a loop", MLG_METHOD_CLOPPER_PEARSON, exact_ratio,
     MLG_FORM_RATIO, false},
    {"that ratio, largest, agrees with a loop", MLG_METHOD_CLOPPER_PEARSON, exact_ratio, MLG_FORM_RATIO,
     true},
    {"a difference from clopper and pearson's agrees with a loop", MLG_METHOD_CLOPPER_PEARSON,
     exact_difference, MLG_FORM_DIFFERENCE, true},
    {"that difference, smallest, agrees with a loop", MLG_METHOD_CLOPPER_PEARSON, exact_difference,
     MLG_FORM_DIFFERENCE, false},
    {"a ratio under auto agrees with a loop", MLG_METHOD_COUNT, auto_ratio, MLG_FORM_RATIO, false},
    {"a difference under auto agrees with a loop", MLG_METHOD_COUNT, auto_difference, MLG_FORM_DIFFERENCE,
     true},
};

/* "All inside" at alpha, "some beyond" at half of alpha / pairs: without a limit it is parity. */
static void agrees_with_a_plain_loop(void **state)
{
    const struct method_row *row = *state;
    enum { ROUNDS = 300, GROUPS = 7 };
    for (size_t round = 0; round < ROUNDS; round++) {
        struct mlg_rate rates[GROUPS];
        const size_t count = 2 + (size_t)draw(GROUPS - 2);
        const double most = round % 3 == 0 ? 12 : round % 3 == 1 ? 200 : 20000;
        bool something = false, everywhere = true;
        for (size_t g = 0; g < count; g++) {
            rates[g].trials = 1 + draw(most);
            rates[g].successes = draw(rates[g].trials);
            something = something || rates[g].successes > 0;
            everywhere = everywhere && rates[g].successes > 0;
        }
        /* The largest ratio is none where a group has 0. */
        if (row->form == MLG_FORM_RATIO && row->largest ? !everywhere : !something)
            continue;
        const struct mlg_comparison comparison = {
            .form = row->form, .largest = row->largest, .method = row->method};
        const double strict = alpha / ((double)(count * (count - 1)) / 2) / 2;
        struct scene scene;
        scene_begin(&scene, &comparison, rates, count, 1);
        scene_compare(&scene);
        const double inside = brute(&scene.panels[0], row->pair, row->largest, row->largest, alpha);
        const double beyond = brute(&scene.panels[0], row->pair, row->largest, !row->largest, strict);
        const struct mlg_limits limits = bounds_of(&scene, 1);
        const double lower = fmax(row->form == MLG_FORM_RATIO ? 0 : -1, row->largest ? beyond : inside);
        const double upper = row->form == MLG_FORM_RATIO ? (row->largest ? inside : beyond)
                                                         : fmin(1, row->largest ? inside : beyond);
        near(limits.lower, lower);
        near(limits.upper, upper);
        scene_end(&scene);
    }
}

/* Under auto the method is that of each pair: exact where one of its four cells is small. */
static void auto_is_exact_where_a_cell_is_small(void **state)
{
    (void)state;
    const struct mlg_rate large[] = {{80, 200}, {100, 200}}, small[] = {{49, 200}, {100, 200}};
    const enum mlg_form forms[] = {MLG_FORM_DIFFERENCE, MLG_FORM_RATIO};
    const enum mlg_method usual[] = {MLG_METHOD_NEWCOMBE, MLG_METHOD_KOOPMAN};
    for (size_t f = 0; f < 2; f++) {
        const struct mlg_comparison comparison = {
            .form = forms[f], .largest = forms[f] == MLG_FORM_DIFFERENCE, .method = MLG_METHOD_COUNT};
        struct scene scene;
        scene_begin(&scene, &comparison, large, 2, 1);
        scene_compare(&scene);
        assert_int_equal(scene.evidence.method, usual[f]);
        scene_end(&scene);
        scene_begin(&scene, &comparison, small, 2, 1);
        scene_compare(&scene);
        assert_int_equal(scene.evidence.method, MLG_METHOD_MOVER_CLOPPER_PEARSON);
        const struct mlg_limits a = mlg_clopper_pearson(small[0], confidence),
                                b = mlg_clopper_pearson(small[1], confidence);
        if (f == 0)
            near(bounds_of(&scene, 1).upper, mlg_mover_difference(b, a).upper);
        else
            near(bounds_of(&scene, 1).lower, mlg_mover_ratio(a, b).lower);
        /* With more rows of the same kind it is not small any more. */
        near(
            f == 0 ? bounds_of(&scene, 10).upper : bounds_of(&scene, 10).lower,
            f == 0
                ? mlg_newcombe((struct mlg_rate){1000, 2000}, (struct mlg_rate){490, 2000}, confidence).upper
                : mlg_koopman((struct mlg_rate){490, 2000}, (struct mlg_rate){1000, 2000}, confidence).lower);
        scene_end(&scene);
    }
}

/* ---- levels -------------------------------------------------------------------------------------- */

static const struct mlg_rate three[] = {{300, 1000}, {340, 1000}, {410, 1000}};

struct level_row {
    const char *name;
    struct mlg_comparison comparison;
    double claims; /* "some beyond" at alpha / claims */
};

static const struct level_row levels[] = {
    {"three pairs far from parity: a third of alpha each",
     {EACH_OTHER(MLG_FORM_DIFFERENCE), .largest = true, .has_limit = true, .limit = 0.5},
     3},
    {"three pairs at parity: two directions, half of the third",
     {EACH_OTHER(MLG_FORM_DIFFERENCE), .largest = true, .has_limit = true, .limit = 0},
     6},
    {"without a limit it is parity", {EACH_OTHER(MLG_FORM_DIFFERENCE), .largest = true}, 6},
    {"a negative limit is parity",
     {EACH_OTHER(MLG_FORM_DIFFERENCE), .largest = true, .has_limit = true, .limit = -0.1},
     6},
    {"ratios far from parity", {EACH_OTHER(MLG_FORM_RATIO), .has_limit = true, .limit = 0.1}, 3},
    {"ratios at parity", {EACH_OTHER(MLG_FORM_RATIO), .has_limit = true, .limit = 1}, 6},
    {"a reference, one way: two claims",
     {REFERENCE(MLG_FORM_DIFFERENCE), .largest = true, .has_limit = true, .limit = 0},
     2},
    {"a reference, both ways at parity",
     {REFERENCE(MLG_FORM_DIFFERENCE), .largest = true, .both_ways = true, .has_limit = true, .limit = 0},
     4},
    {"a reference, both ways far from it",
     {REFERENCE(MLG_FORM_DIFFERENCE), .largest = true, .both_ways = true, .has_limit = true, .limit = 0.5},
     2},
    {"each group by itself: three claims", {EACH_OTHER(MLG_FORM_ITSELF), .has_limit = true, .limit = 0.3}, 3},
};

/* The bound of "some beyond" at the level, by a loop that knows what is compared. */
static double beyond_at(const struct level_row *row, double level)
{
    const struct mlg_comparison *comparison = &row->comparison;
    const bool ratio = comparison->form == MLG_FORM_RATIO;
    double best = (double)NAN;
    for (size_t a = 0; a < 3; a++)
        for (size_t b = 0; b < 3; b++) {
            const bool with_reference = comparison->against == MLG_AGAINST_REFERENCE;
            if (comparison->form == MLG_FORM_ITSELF ? a != b : a == b)
                continue;
            if (with_reference && !(b == 0 || (comparison->both_ways && a == 0)))
                continue;
            const struct mlg_limits limits = comparison->form == MLG_FORM_ITSELF
                                                 ? mlg_wilson(three[a], 1 - level)
                                             : ratio ? mlg_koopman(three[a], three[b], 1 - level)
                                                     : mlg_newcombe(three[a], three[b], 1 - level);
            const double bound = comparison->largest ? limits.lower : limits.upper;
            if (isnan(best) || (comparison->largest ? bound > best : bound < best))
                best = bound;
        }
    return best;
}

static void some_beyond_has_its_level(void **state)
{
    const struct level_row *row = *state;
    struct scene scene;
    scene_begin(&scene, &row->comparison, three, 3, 1);
    scene_compare(&scene);
    const struct mlg_limits limits = bounds_of(&scene, 1);
    near(row->comparison.largest ? limits.lower : limits.upper, beyond_at(row, alpha / row->claims));
    scene_end(&scene);
}

/* Between parity and far from it the two directions together have alpha / pairs. */
static void both_directions_share_the_level(void **state)
{
    (void)state;
    const double limit = 0.005, z = mlg_normal_quantile(0.95);
    struct level_row row = levels[0];
    row.comparison.limit = limit;
    double widths[3], error = 0;
    for (size_t g = 0; g < 3; g++) {
        const struct mlg_limits wilson = mlg_wilson(three[g], 0.95);
        widths[g] = (wilson.upper - wilson.lower) / (2 * z);
    }
    error = fmax(hypot(widths[0], widths[1]), fmax(hypot(widths[0], widths[2]), hypot(widths[1], widths[2])));
    double low = alpha / 6, high = alpha / 3;
    for (int i = 0; i < 60; i++) {
        const double level = (low + high) / 2;
        const double both = level + mlg_normal_cdf(mlg_normal_quantile(level) - 2 * limit / error);
        *(both > alpha / 3 ? &high : &low) = level;
    }
    assert_true(low > 1.01 * alpha / 6 && low < 0.99 * alpha / 3);
    struct scene scene;
    scene_begin(&scene, &row.comparison, three, 3, 1);
    scene_compare(&scene);
    near(bounds_of(&scene, 1).lower, beyond_at(&row, low));
    scene_end(&scene);
}

/* Two panels are twice as many claims; "all inside" stays at alpha. */
static void panels_are_claims_of_their_own(void **state)
{
    (void)state;
    const struct mlg_rate rates[] = {{300, 1000}, {340, 1000}, {410, 1000},
                                     {500, 1000}, {520, 1000}, {610, 1000}};
    const struct mlg_comparison comparison = {EACH_OTHER(MLG_FORM_DIFFERENCE), .largest = true,
                                              .has_limit = true, .limit = 0.5};
    struct scene scene;
    scene_begin(&scene, &comparison, rates, 3, 2);
    scene_compare(&scene);
    const struct mlg_limits limits = bounds_of(&scene, 1);
    near(limits.lower, fmax(brute(&scene.panels[0], mlg_newcombe, true, false, alpha / 6),
                            brute(&scene.panels[1], mlg_newcombe, true, false, alpha / 6)));
    near(limits.upper, fmax(brute(&scene.panels[0], mlg_newcombe, true, true, alpha),
                            brute(&scene.panels[1], mlg_newcombe, true, true, alpha)));
    scene_end(&scene);
}

/* A mean of 0.1 may be one of 0 and 0.2: however far the limit is from parity, a part may be there. */
static void a_mean_shares_alpha_and_may_be_at_parity(void **state)
{
    (void)state;
    const struct mlg_rate rates[] = {{300, 1000}, {340, 1000}, {410, 1000},
                                     {500, 1000}, {520, 1000}, {610, 1000}};
    const struct mlg_comparison comparison = {EACH_OTHER(MLG_FORM_DIFFERENCE), .largest = true, .mean = true,
                                              .has_limit = true, .limit = 0.5};
    const double strict = alpha / 2 / 3 / 2;
    struct scene scene;
    scene_begin(&scene, &comparison, rates, 3, 2);
    scene_compare(&scene);
    const struct mlg_limits limits = bounds_of(&scene, 1);
    near(limits.lower, (brute(&scene.panels[0], mlg_newcombe, true, false, strict) +
                        brute(&scene.panels[1], mlg_newcombe, true, false, strict)) /
                           2);
    near(limits.upper, (brute(&scene.panels[0], mlg_newcombe, true, true, alpha / 2) +
                        brute(&scene.panels[1], mlg_newcombe, true, true, alpha / 2)) /
                           2);
    struct mlg_deciding deciding =
        mlg_comparison_deciding(&scene.evidence, confidence, MLG_TELL_BEYOND, SIZE_MAX);
    const struct mlg_member *members = scene.panels[deciding.part].members;
    near(deciding.limits.lower,
         mlg_newcombe(members[deciding.a].rate, members[deciding.b].rate, 1 - strict).lower);
    scene_end(&scene);
}

/* A group against all rows is a group against the rest, scaled. */
static void all_rows_are_the_rest_and_the_group(void **state)
{
    (void)state;
    struct mlg_comparison comparison = {OVERALL(MLG_FORM_DIFFERENCE), .largest = true, .both_ways = true,
                                        .has_limit = true, .limit = 0.5};
    struct scene scene;
    scene_begin(&scene, &comparison, three, 3, 1);
    scene_compare(&scene);
    double inside = 0, beyond = 0;
    for (size_t g = 0; g < 3; g++) {
        const struct mlg_rate rest = {1050 - three[g].successes, 3000 - three[g].trials};
        inside = fmax(inside, fmax(mlg_newcombe(three[g], rest, confidence).upper,
                                   -mlg_newcombe(three[g], rest, confidence).lower));
        beyond = fmax(beyond, fmax(mlg_newcombe(three[g], rest, 1 - alpha / 3).lower,
                                   -mlg_newcombe(three[g], rest, 1 - alpha / 3).upper));
    }
    near(bounds_of(&scene, 1).upper, inside * 2 / 3);
    near(bounds_of(&scene, 1).lower, beyond * 2 / 3);
    scene_end(&scene);

    comparison.form = MLG_FORM_RATIO;
    comparison.largest = false;
    comparison.limit = 0.1;
    scene_begin(&scene, &comparison, three, 3, 1);
    scene_compare(&scene);
    inside = 1;
    for (size_t g = 0; g < 3; g++) {
        const struct mlg_rate rest = {1050 - three[g].successes, 3000 - three[g].trials};
        const struct mlg_limits limits = mlg_koopman(three[g], rest, confidence);
        inside = fmin(inside, fmin(limits.lower / (limits.lower / 3 + 2.0 / 3),
                                   (limits.upper / 3 + 2.0 / 3) / limits.upper));
    }
    near(bounds_of(&scene, 1).lower, inside);
    scene_end(&scene);
}

/* ---- methods ------------------------------------------------------------------------------------- */

/* Counts need no evidence beside them, by whichever method of one group: a rest has none. */
static void counts_need_no_evidence(void **state)
{
    (void)state;
    static const int ones[] = {MLG_METHOD_WILSON, MLG_METHOD_CLOPPER_PEARSON, MLG_METHOD_JEFFREYS};
    static const enum mlg_form forms[] = {MLG_FORM_DIFFERENCE, MLG_FORM_RATIO, MLG_FORM_ITSELF};
    static const enum mlg_against againsts[] = {MLG_AGAINST_EACH_OTHER, MLG_AGAINST_OVERALL,
                                                MLG_AGAINST_REFERENCE};
    for (size_t m = 0; m < 3; m++)
        for (size_t f = 0; f < 3; f++)
            for (size_t g = 0; g < 3; g++) {
                const struct mlg_comparison comparison = {
                    .form = forms[f], .against = againsts[g], .largest = true, .method = ones[m]};
                struct scene scene;
                scene_begin(&scene, &comparison, three, 3, 1);
                scene_compare(&scene);
                const struct mlg_limits limits = bounds_of(&scene, 1);
                assert_true(limits.lower > -0.5 && limits.upper < 2.5);
                assert_true(limits.lower <= limits.value && limits.value <= limits.upper);
                scene_end(&scene);
            }
}

/* Newcombe's difference of Wilson's limits is MOVER from Wilson's limits. */
static void a_method_of_one_makes_the_bounds_of_two(void **state)
{
    (void)state;
    const struct mlg_comparison comparison = {
        .form = MLG_FORM_DIFFERENCE, .largest = true, .method = MLG_METHOD_WILSON};
    struct scene scene;
    scene_begin(&scene, &comparison, three, 3, 1);
    scene_compare(&scene);
    assert_int_equal(scene.evidence.method, MLG_METHOD_MOVER);
    near(bounds_of(&scene, 1).upper, mlg_newcombe(three[2], three[0], confidence).upper);
    scene_end(&scene);
}

struct misfit_row {
    const char *name;
    enum mlg_form form;
    int method;
    bool uncounted;
};

static const struct misfit_row misfits[] = {
    {"newcombe bounds no ratio", MLG_FORM_RATIO, MLG_METHOD_NEWCOMBE, false},
    {"miettinen and nurminen bound no ratio", MLG_FORM_RATIO, MLG_METHOD_MIETTINEN_NURMINEN, false},
    {"koopman bounds no difference", MLG_FORM_DIFFERENCE, MLG_METHOD_KOOPMAN, false},
    {"katz bounds no difference", MLG_FORM_DIFFERENCE, MLG_METHOD_KATZ, false},
    {"newcombe bounds no group by itself", MLG_FORM_ITSELF, MLG_METHOD_NEWCOMBE, false},
    {"student's t bounds no counts", MLG_FORM_DIFFERENCE, MLG_METHOD_T, false},
    {"newcombe is for counts", MLG_FORM_DIFFERENCE, MLG_METHOD_NEWCOMBE, true},
    {"koopman is for counts", MLG_FORM_RATIO, MLG_METHOD_KOOPMAN, true},
};

/* What a method is not made for has a value without bounds, and says so; nothing is replaced in silence. */
static void has_no_bounds(void **state)
{
    const struct misfit_row *row = *state;
    const struct mlg_comparison comparison = {.form = row->form, .largest = true, .method = row->method};
    struct mlg_evidence own[3];
    struct scene scene;
    scene_begin(&scene, &comparison, three, 3, 1);
    for (size_t g = 0; row->uncounted && g < 3; g++) {
        own[g] = (struct mlg_evidence){.kind = MLG_NORMAL,
                                       .value = three[g].successes / three[g].trials,
                                       .maximum = 1,
                                       .standard_error = 0.01,
                                       .degrees = 100,
                                       .method = MLG_METHOD_LINEARISED};
        scene.members[0][g] = (struct mlg_member){.value = own[g].value, .evidence = &own[g]};
    }
    scene_compare(&scene);
    assert_int_equal(scene.evidence.kind, MLG_VALUE_ONLY);
    assert_true(scene.evidence.value > 0);
    assert_non_null(strstr(scene.evidence.reason, mlg_methods[row->method].name));
    scene_end(&scene);
}

/* Means, areas, weighted rates: each group's own bounds, combined. */
static void groups_with_bounds_of_their_own_are_combined(void **state)
{
    (void)state;
    static const double areas[] = {0.80, 0.72, 0.85}, errors[] = {0.02, 0.03, 0.01};
    const struct mlg_comparison comparison = {EACH_OTHER(MLG_FORM_DIFFERENCE), .largest = true,
                                              .has_limit = true, .limit = 0.5};
    struct mlg_evidence own[3];
    struct mlg_member members[3];
    struct scene scene;
    scene_begin(&scene, &comparison, three, 3, 1);
    for (size_t g = 0; g < 3; g++) {
        own[g] = (struct mlg_evidence){.kind = MLG_NORMAL,
                                       .value = areas[g],
                                       .minimum = -10,
                                       .maximum = 10,
                                       .standard_error = errors[g],
                                       .degrees = (double)INFINITY,
                                       .method = MLG_METHOD_DELTA};
        members[g] = (struct mlg_member){.value = areas[g], .evidence = &own[g]};
    }
    scene.panels[0] = (struct mlg_panel){.members = members, .count = 3};
    scene_compare(&scene);
    near(scene.evidence.value, 0.13);
    assert_int_equal(scene.evidence.denominator, 0);
    assert_int_equal(scene.evidence.method, MLG_METHOD_MOVER);
    const double strict = mlg_normal_quantile(1 - alpha / 3), plain = mlg_normal_quantile(confidence);
    near(bounds_of(&scene, 1).lower, 0.13 - strict * hypot(0.03, 0.01));
    near(bounds_of(&scene, 1).upper, 0.13 + plain * hypot(0.03, 0.01));
    near(bounds_of(&scene, 4).upper, 0.13 + plain * hypot(0.03, 0.01) / 2);
    scene_end(&scene);
}

/* ---- many groups --------------------------------------------------------------------------------- */

/* So many pairs that more rows are asked of the deciding one alone; the rows at hand are asked of all. */
static void many_groups_agree_with_a_plain_loop(void **state)
{
    (void)state;
    enum { GROUPS = 210 };
    static struct scene scene;
    static struct mlg_rate rates[GROUPS];
    const struct mlg_comparison comparison = {.form = MLG_FORM_DIFFERENCE,
                                              .largest = true,
                                              .method = MLG_METHOD_NEWCOMBE,
                                              .has_limit = true,
                                              .limit = 0};
    const double pairs = GROUPS * (GROUPS - 1) / 2.0;
    for (size_t g = 0; g < GROUPS; g++) {
        rates[g].trials = 50 + draw(1000);
        rates[g].successes = floor(rates[g].trials * (0.2 + 0.002 * (double)g));
    }
    assert_true(pairs > 20000);
    scene_begin(&scene, &comparison, rates, GROUPS, 1);
    scene_compare(&scene);
    const struct mlg_limits limits = bounds_of(&scene, 1);
    near(limits.lower, brute(&scene.panels[0], mlg_newcombe, true, false, alpha / pairs / 2));
    near(limits.upper, brute(&scene.panels[0], mlg_newcombe, true, true, alpha));
    const struct mlg_deciding inside =
        mlg_comparison_deciding(&scene.evidence, confidence, MLG_TELL_INSIDE, SIZE_MAX);
    const struct mlg_rate a = rates[inside.a], b = rates[inside.b];
    near(bounds_of(&scene, 4).upper,
         mlg_newcombe((struct mlg_rate){4 * a.successes, 4 * a.trials},
                      (struct mlg_rate){4 * b.successes, 4 * b.trials}, confidence)
             .upper);
    scene_end(&scene);
}

/* Of a mean each panel has a pair of its own. */
static void a_mean_over_many_groups_asks_more_rows_of_one_pair_each(void **state)
{
    (void)state;
    enum { GROUPS = 210 };
    static struct scene scene;
    static struct mlg_rate rates[2 * GROUPS];
    const struct mlg_comparison comparison = {
        .form = MLG_FORM_DIFFERENCE, .largest = true, .mean = true, .method = MLG_METHOD_NEWCOMBE};
    for (size_t g = 0; g < GROUPS; g++) {
        const double trials = 50 + draw(1000);
        rates[g] = (struct mlg_rate){floor(trials * (0.2 + 0.002 * (double)g)), trials};
        rates[GROUPS + g] = (struct mlg_rate){floor(trials * (0.8 - 0.003 * (double)g)), trials};
    }
    scene_begin(&scene, &comparison, rates, GROUPS, 2);
    scene_compare(&scene);
    double upper = 0;
    for (size_t p = 0; p < 2; p++) {
        const struct mlg_deciding inside =
            mlg_comparison_deciding(&scene.evidence, confidence, MLG_TELL_INSIDE, p);
        const struct mlg_rate a = rates[p * GROUPS + inside.a], b = rates[p * GROUPS + inside.b];
        upper += mlg_newcombe((struct mlg_rate){4 * a.successes, 4 * a.trials},
                              (struct mlg_rate){4 * b.successes, 4 * b.trials}, 1 - alpha / 2)
                     .upper;
    }
    near(bounds_of(&scene, 4).upper, upper / 2);
    scene_end(&scene);
}

/* ---- who decides --------------------------------------------------------------------------------- */

/* The small group c lies furthest off and stands in the way of a pass; a against b is what is proven. */
static void the_deciding_pair_is_the_one_that_decides(void **state)
{
    (void)state;
    const struct mlg_rate rates[] = {{3000, 10000}, {4500, 10000}, {9, 12}, {4000, 10000}};
    const struct mlg_comparison difference = {EACH_OTHER(MLG_FORM_DIFFERENCE), .largest = true,
                                              .has_limit = true, .limit = 0.1};
    const struct mlg_comparison ratio = {EACH_OTHER(MLG_FORM_RATIO), .has_limit = true, .limit = 0.8};
    struct scene scene;
    scene_begin(&scene, &difference, rates, 4, 1);
    scene_compare(&scene);
    near(scene.evidence.value, 0.45);
    struct mlg_deciding deciding =
        mlg_comparison_deciding(&scene.evidence, confidence, MLG_TELL_BEYOND, SIZE_MAX);
    assert_int_equal(deciding.a, 1);
    assert_int_equal(deciding.b, 0);
    assert_int_equal(deciding.method, MLG_METHOD_NEWCOMBE);
    near(deciding.limits.value, 0.15);
    near(deciding.limits.lower, bounds_of(&scene, 1).lower);
    deciding = mlg_comparison_deciding(&scene.evidence, confidence, MLG_TELL_INSIDE, SIZE_MAX);
    assert_int_equal(deciding.a, 2);
    assert_int_equal(deciding.b, 0);
    assert_int_equal(deciding.method, MLG_METHOD_MOVER_CLOPPER_PEARSON);
    near(deciding.limits.upper, bounds_of(&scene, 1).upper);
    scene_end(&scene);

    scene_begin(&scene, &ratio, rates, 4, 1);
    scene_compare(&scene);
    deciding = mlg_comparison_deciding(&scene.evidence, confidence, MLG_TELL_BEYOND, SIZE_MAX);
    assert_int_equal(deciding.a, 0);
    assert_int_equal(deciding.b, 1);
    near(deciding.limits.upper, bounds_of(&scene, 1).upper);
    deciding = mlg_comparison_deciding(&scene.evidence, confidence, MLG_TELL_INSIDE, SIZE_MAX);
    assert_int_equal(deciding.a, 0);
    assert_int_equal(deciding.b, 2);
    near(deciding.limits.lower, bounds_of(&scene, 1).lower);
    scene_end(&scene);
}

static void the_deciding_group_is_named_whatever_it_is_compared_with(void **state)
{
    (void)state;
    const struct mlg_rate rates[] = {{500, 1000}, {510, 1000}, {300, 1000}, {520, 1000}};
    struct scene scene;
    struct mlg_comparison comparison = {REFERENCE(MLG_FORM_DIFFERENCE), .largest = true, .both_ways = true};
    scene_begin(&scene, &comparison, rates, 4, 1);
    scene.panels[0].reference = 3;
    scene_compare(&scene);
    struct mlg_deciding deciding =
        mlg_comparison_deciding(&scene.evidence, confidence, MLG_TELL_BEYOND, SIZE_MAX);
    assert_int_equal(deciding.a, 2);
    assert_int_equal(deciding.b, 3);
    near(deciding.limits.value, 0.22);
    scene_end(&scene);

    comparison = (struct mlg_comparison){OVERALL(MLG_FORM_RATIO), .both_ways = true};
    scene_begin(&scene, &comparison, rates, 4, 1);
    scene_compare(&scene);
    deciding = mlg_comparison_deciding(&scene.evidence, confidence, MLG_TELL_BEYOND, SIZE_MAX);
    assert_int_equal(deciding.a, 2);
    assert_int_equal(deciding.b, 4); /* all rows */
    near(deciding.limits.value, 300 / 457.5);
    scene_end(&scene);

    comparison = (struct mlg_comparison){EACH_OTHER(MLG_FORM_ITSELF)};
    scene_begin(&scene, &comparison, rates, 4, 1);
    scene_compare(&scene);
    deciding = mlg_comparison_deciding(&scene.evidence, confidence, MLG_TELL_BEYOND, SIZE_MAX);
    assert_int_equal(deciding.a, 2);
    assert_int_equal(deciding.b, 2);
    scene_end(&scene);
}

static void the_deciding_part_is_named(void **state)
{
    (void)state;
    const struct mlg_rate rates[] = {{500, 1000}, {510, 1000}, {300, 1000}, {520, 1000}};
    const struct mlg_comparison comparison = {EACH_OTHER(MLG_FORM_DIFFERENCE), .largest = true};
    struct scene scene;
    scene_begin(&scene, &comparison, rates, 2, 2);
    scene_compare(&scene);
    const struct mlg_deciding deciding =
        mlg_comparison_deciding(&scene.evidence, confidence, MLG_TELL_BEYOND, SIZE_MAX);
    assert_int_equal(deciding.part, 1);
    assert_int_equal(deciding.a, 1);
    assert_int_equal(deciding.b, 0);
    assert_true(mlg_is_comparison(&scene.evidence));
    scene_end(&scene);
}

/* Two groups that share clusters: their own bounds, as far apart as they go. */
static void entangled_groups_are_as_if_opposed(void **state)
{
    const enum mlg_form forms[] = {MLG_FORM_DIFFERENCE, MLG_FORM_RATIO};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct mlg_rate rates[] = {{300, 1000}, {410, 1000}};
        const struct mlg_comparison comparison = {.form = forms[i],
                                                  .against = MLG_AGAINST_REFERENCE,
                                                  .largest = true,
                                                  .method = MLG_METHOD_CLOPPER_PEARSON,
                                                  .has_limit = true,
                                                  .limit = 5};
        const struct mlg_limits a = mlg_clopper_pearson(rates[1], confidence),
                                b = mlg_clopper_pearson(rates[0], confidence);
        struct scene scene;
        scene_begin(&scene, &comparison, rates, 2, 1);
        scene.members[0][0].is_entangled = scene.members[0][1].is_entangled = true;
        scene_compare(&scene);
        const struct mlg_limits limits = bounds_of(&scene, 1);
        near(limits.lower, i ? a.lower / b.upper : a.lower - b.upper);
        near(limits.upper, i ? a.upper / b.lower : a.upper - b.lower);
        scene_end(&scene);
    }
}

int main(void)
{
    static const struct CMUnitTest plain[] = {
        cmocka_unit_test(four_fifths_are_met_exactly),
        cmocka_unit_test(differences_are_met_exactly),
        cmocka_unit_test(a_ratio_of_nothing_is_undefined),
        cmocka_unit_test(a_ratio_of_nothing_to_something_begins_at_0),
        cmocka_unit_test(auto_is_exact_where_a_cell_is_small),
        cmocka_unit_test(both_directions_share_the_level),
        cmocka_unit_test(panels_are_claims_of_their_own),
        cmocka_unit_test(a_mean_shares_alpha_and_may_be_at_parity),
        cmocka_unit_test(all_rows_are_the_rest_and_the_group),
        cmocka_unit_test(entangled_groups_are_as_if_opposed),
        cmocka_unit_test(counts_need_no_evidence),
        cmocka_unit_test(a_method_of_one_makes_the_bounds_of_two),
        cmocka_unit_test(groups_with_bounds_of_their_own_are_combined),
        cmocka_unit_test(many_groups_agree_with_a_plain_loop),
        cmocka_unit_test(a_mean_over_many_groups_asks_more_rows_of_one_pair_each),
        cmocka_unit_test(the_deciding_pair_is_the_one_that_decides),
        cmocka_unit_test(the_deciding_group_is_named_whatever_it_is_compared_with),
        cmocka_unit_test(the_deciding_part_is_named),
    };
    static struct CMUnitTest
        tests[COUNT(values) + COUNT(methods) + COUNT(levels) + COUNT(misfits) + COUNT(plain)];
    size_t count = 0;
    NAMED_ROWS(tests, count, values, has_the_value);
    NAMED_ROWS(tests, count, methods, agrees_with_a_plain_loop);
    NAMED_ROWS(tests, count, levels, some_beyond_has_its_level);
    NAMED_ROWS(tests, count, misfits, has_no_bounds);
    memcpy(tests + count, plain, sizeof plain);
    return _cmocka_run_group_tests("comparison", tests, count + COUNT(plain), NULL, NULL);
}
