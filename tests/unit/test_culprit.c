/* The search for what makes outputs differ, with culprits that are known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

#include "mlgate/variation.h"

/* Outputs differ where one of these sets is varied as a whole. */
struct world {
    mlg_variation_set culprits[3];
    unsigned count;
};

static bool differs(const struct world *world, mlg_variation_set varied)
{
    for (unsigned i = 0; i < world->count; i++)
        if ((varied & world->culprits[i]) == world->culprits[i])
            return true;
    return false;
}

static struct mlg_culprit search_from(const struct world *world, mlg_variation_set all, unsigned budget,
                                      mlg_variation_set first)
{
    struct mlg_culprit culprit;
    mlg_variation_set set;
    unsigned runs = 0;
    mlg_culprit_begin(&culprit, all, budget);
    mlg_culprit_try_first(&culprit, first);
    while (mlg_culprit_next(&culprit, &set)) {
        assert_true(runs < budget);
        assert_int_equal(set & ~all, 0);
        runs++;
        mlg_culprit_tell(&culprit, differs(world, set));
    }
    assert_int_equal(culprit.runs, runs);
    assert_int_not_equal(culprit.kind, MLG_CULPRIT_OPEN);
    return culprit;
}

static struct mlg_culprit search(const struct world *world, mlg_variation_set all, unsigned budget)
{
    return search_from(world, all, budget, 0);
}

/* With the budget that a gate has. */
static struct mlg_culprit search_after(const struct world *world, mlg_variation_set all,
                                       mlg_variation_set first)
{
    return search_from(world, all, 2 * mlg_culprit_budget(mlg_variation_size(all)), first);
}

static mlg_variation_set bit(unsigned i)
{
    return (mlg_variation_set)1 << i;
}

static mlg_variation_set first(unsigned count)
{
    return (mlg_variation_set)(((uint64_t)1 << count) - 1);
}

enum { MANY = 1000 };

static void test_none(void **state)
{
    (void)state;
    const struct world world = {.count = 0};
    struct mlg_culprit culprit = search(&world, first(13), 10);
    assert_int_equal(culprit.kind, MLG_CULPRIT_NONE);
    assert_int_equal(culprit.runs, 1);
    culprit = search(&world, 0, 10);
    assert_int_equal(culprit.kind, MLG_CULPRIT_NONE);
    assert_int_equal(culprit.runs, 1);
}

/* Each one among each number of others, within the budget that is promised. */
static void test_one(void **state)
{
    (void)state;
    for (unsigned count = 1; count <= 32; count++) {
        for (unsigned i = 0; i < count; i++) {
            const struct world world = {{bit(i)}, 1};
            const struct mlg_culprit culprit = search(&world, first(count), mlg_culprit_budget(count));
            assert_int_equal(culprit.kind, MLG_CULPRIT_NAMED);
            assert_int_equal(culprit.set, bit(i));
            assert_true(culprit.is_confirmed);
            assert_true(culprit.others_known);
            assert_false(culprit.others);
        }
    }
}

static void test_pair(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 13; i++) {
        for (unsigned j = 0; j < i; j++) {
            const struct world world = {{bit(i) | bit(j)}, 1};
            const struct mlg_culprit culprit = search(&world, first(13), MANY);
            assert_int_equal(culprit.kind, MLG_CULPRIT_NAMED);
            assert_int_equal(culprit.set, bit(i) | bit(j));
            assert_true(culprit.is_confirmed && culprit.others_known && !culprit.others);
            assert_true(culprit.runs <= 2 * mlg_culprit_budget(13));
        }
    }
}

/* Any number of culprits of any size: what is named is one of them, and others are told. */
static void test_any(void **state)
{
    (void)state;
    uint32_t random = 12345;
    for (int turn = 0; turn < 5000; turn++) {
        struct world world = {.count = 0};
        const unsigned count = 2 + (random >> 8) % 12;
        for (unsigned i = 0; i < 3; i++) {
            random = random * 1664525 + 1013904223;
            mlg_variation_set set = (random >> 8) & first(count);
            if (turn % 2) /* fewer */
                set &= random >> 13;
            if (set)
                world.culprits[world.count++] = set;
        }
        random = random * 1664525 + 1013904223;
        if (!world.count)
            continue;
        const struct mlg_culprit culprit = search(&world, first(count), MANY);
        assert_int_equal(culprit.kind, MLG_CULPRIT_NAMED);
        assert_true(differs(&world, culprit.set));
        for (unsigned i = 0; i < count; i++) /* none of it can be spared */
            if (culprit.set & bit(i))
                assert_false(differs(&world, culprit.set & ~bit(i)));
        assert_true(culprit.others_known);
        assert_int_equal(culprit.others, differs(&world, first(count) & ~culprit.set));
    }
}

/* What others do by it is put down to it, within what a gate allows; whether they matter as well is left
 * open. What it does not do is put down to what does it. */
static void test_first(void **state)
{
    (void)state;
    for (unsigned count = 2; count <= 13; count++)
        for (unsigned i = 0; i < count; i++)
            for (unsigned j = 0; j < count; j++) {
                const struct world moved = {{bit(i), bit(j)}, 2}, alone = {{bit(i)}, 1};
                struct mlg_culprit culprit = search_after(&moved, first(count), bit(i));
                assert_int_equal(culprit.kind, MLG_CULPRIT_NAMED);
                assert_int_equal(culprit.set, bit(i));
                assert_true(culprit.is_confirmed && culprit.others_known);
                assert_int_equal(culprit.others, i != j);
                culprit = search_after(&alone, first(count), bit(j));
                assert_int_equal(culprit.kind, MLG_CULPRIT_NAMED);
                assert_int_equal(culprit.set, bit(i));
                assert_true(culprit.is_confirmed && culprit.others_known && !culprit.others);
            }
    /* What is not varied is not tried. */
    const struct world world = {{bit(0)}, 1};
    assert_int_equal(search_after(&world, first(2), bit(5)).runs, search_after(&world, first(2), 0).runs);
}

/* Only what was varied can be named, wherever it stands. */
static void test_some(void **state)
{
    (void)state;
    const struct world world = {{bit(3), bit(20)}, 2};
    const struct mlg_culprit culprit = search(&world, bit(1) | bit(5) | bit(20) | bit(31), MANY);
    assert_int_equal(culprit.kind, MLG_CULPRIT_NAMED);
    assert_int_equal(culprit.set, bit(20));
}

/* However little may be run, what is told is true. */
static void test_budget(void **state)
{
    (void)state;
    for (unsigned budget = 0; budget <= 24; budget++) {
        for (unsigned i = 0; i < 13; i++) {
            const mlg_variation_set guilty = bit(i) | bit((i * 5 + 1) % 13);
            const struct world world = {{guilty}, 1};
            const struct mlg_culprit culprit = search(&world, first(13), budget);
            assert_true(culprit.runs <= budget);
            assert_int_equal(guilty & ~culprit.set, 0);
            if (culprit.kind == MLG_CULPRIT_NAMED)
                assert_int_equal(culprit.set, guilty);
            else
                assert_int_equal(culprit.kind, MLG_CULPRIT_AMONG);
            assert_false(culprit.at_times);
        }
    }
    /* As soon as it is found, one alone is named: unconfirmed where no run is left. */
    const struct world world = {{bit(0)}, 1};
    const struct mlg_culprit culprit = search(&world, first(2), 3);
    assert_int_equal(culprit.kind, MLG_CULPRIT_NAMED);
    assert_false(culprit.is_confirmed);
    assert_false(culprit.others_known);
    /* Two are not: one of them may be all that matters, at times. */
    const struct world both = {{first(2)}, 1};
    for (unsigned budget = 0; budget < 11; budget++)
        assert_int_equal(search(&both, first(2), budget).kind, MLG_CULPRIT_AMONG);
}

static uint32_t random_state = 99;

static bool happens(double probability)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) < probability * (1 << 24);
}

/* A search among `all` after a run with everything varied that differed; what is guilty makes a run differ
 * with a probability, and so does chance. */
static struct mlg_culprit search_by_chance(mlg_variation_set all, mlg_variation_set guilty,
                                           double probability, double chance)
{
    struct mlg_culprit culprit;
    mlg_variation_set set;
    mlg_culprit_begin(&culprit, all, 2 * mlg_culprit_budget(mlg_variation_size(all)));
    mlg_culprit_observe(&culprit, all, true);
    while (mlg_culprit_next(&culprit, &set))
        mlg_culprit_tell(&culprit, (guilty && (set & guilty) == guilty && happens(probability)) ||
                                       (chance > 0 && happens(chance)));
    return culprit;
}

enum { TURNS = 4000 };

/* One that matters at times alone: an innocent is hardly ever named beside it, and what is told instead
 * holds it. */
static void test_at_times(void **state)
{
    (void)state;
    static const double probabilities[] = {0.25, 0.5, 0.75};
    for (unsigned count = 4; count <= 13; count += 9)
        for (unsigned p = 0; p < 3; p++) {
            unsigned wrong = 0, named = 0;
            for (unsigned turn = 0; turn < TURNS; turn++) {
                const mlg_variation_set guilty = bit(turn % count);
                const struct mlg_culprit culprit =
                    search_by_chance(first(count), guilty, probabilities[p], 0);
                assert_true(culprit.kind == MLG_CULPRIT_NAMED || culprit.kind == MLG_CULPRIT_AMONG);
                assert_int_equal(guilty & ~culprit.set, 0);
                wrong += culprit.kind == MLG_CULPRIT_NAMED && culprit.set != guilty;
                named += culprit.kind == MLG_CULPRIT_NAMED && culprit.set == guilty;
                /* Two that matter together at times look like one: they are not named. */
                assert_false(culprit.kind == MLG_CULPRIT_NAMED && culprit.at_times && culprit.set != guilty);
            }
            assert_true(wrong < TURNS * 0.035);
            assert_true(named > TURNS * (p == 2 ? 0.7 : p == 1 ? 0.2 : 0.01));
        }
}

/* Chance is hardly ever taken for the work of a variation. */
static void test_chance(void **state)
{
    (void)state;
    static const double chances[] = {0.05, 0.2, 0.4, 0.5, 0.75};
    for (unsigned count = 1; count <= 13; count += 4)
        for (unsigned q = 0; q < 5; q++) {
            unsigned wrong = 0;
            for (unsigned turn = 0; turn < TURNS; turn++) {
                const struct mlg_culprit culprit = search_by_chance(first(count), 0, 0, chances[q]);
                assert_int_not_equal(culprit.kind, MLG_CULPRIT_OPEN);
                wrong += culprit.kind == MLG_CULPRIT_NAMED;
                assert_true(culprit.kind != MLG_CULPRIT_CHANCE || culprit.plain > 0);
            }
            assert_true(wrong < TURNS * 0.055);
        }
    /* Once, and never again: it is not worth many runs, and not named. */
    struct mlg_culprit culprit;
    mlg_variation_set set;
    mlg_culprit_begin(&culprit, first(5), 60);
    for (bool is_first = true; mlg_culprit_next(&culprit, &set); is_first = false)
        mlg_culprit_tell(&culprit, is_first);
    assert_int_equal(culprit.kind, MLG_CULPRIT_AMONG);
    assert_true(culprit.at_times && culprit.runs < 12);
    /* A plain run that differs settles it, whenever it comes. */
    mlg_culprit_begin(&culprit, first(5), 60);
    mlg_culprit_observe(&culprit, first(5), true);
    mlg_culprit_observe(&culprit, 0, true);
    assert_int_equal(culprit.kind, MLG_CULPRIT_CHANCE);
}

/* What runs have shown before the search is not asked again. */
static void test_observed(void **state)
{
    (void)state;
    struct mlg_culprit culprit;
    mlg_variation_set set;
    mlg_culprit_begin(&culprit, first(4), 1);
    mlg_culprit_observe(&culprit, first(4), false);
    assert_int_equal(culprit.kind, MLG_CULPRIT_NONE);
    mlg_culprit_observe(&culprit, first(4), true);
    mlg_culprit_observe(&culprit, 0, false);
    assert_true(mlg_culprit_next(&culprit, &set));
    assert_int_not_equal(set, 0);
    assert_int_equal(culprit.runs, 0);
    mlg_culprit_stop(&culprit);
    assert_int_equal(culprit.kind, MLG_CULPRIT_AMONG);
    assert_true(culprit.at_times);
    assert_int_equal(culprit.with, 2);
    assert_int_equal(culprit.with_that_differ, 1);
}

static void test_budgets(void **state)
{
    (void)state;
    assert_int_equal(mlg_culprit_budget(1), 9);
    assert_int_equal(mlg_culprit_budget(2), 10);
    assert_int_equal(mlg_culprit_budget(13), 13);
    assert_int_equal(mlg_culprit_budget(32), 14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none),     cmocka_unit_test(test_one),     cmocka_unit_test(test_pair),
        cmocka_unit_test(test_any),      cmocka_unit_test(test_first),   cmocka_unit_test(test_some),
        cmocka_unit_test(test_budget),   cmocka_unit_test(test_chance),  cmocka_unit_test(test_at_times),
        cmocka_unit_test(test_observed), cmocka_unit_test(test_budgets),
    };
    return cmocka_run_group_tests_name("culprit", tests, NULL, NULL);
}
