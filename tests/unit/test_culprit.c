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

static struct mlg_culprit search(const struct world *world, mlg_variation_set all, unsigned budget)
{
    struct mlg_culprit culprit;
    mlg_variation_set set;
    unsigned runs = 0;
    mlg_culprit_begin(&culprit, all, budget);
    while (mlg_culprit_next(&culprit, &set)) {
        assert_true(runs < budget);
        assert_int_equal(set & ~all, 0);
        assert_int_not_equal(set, 0); /* plain runs are for the caller */
        runs++;
        mlg_culprit_tell(&culprit, differs(world, set));
    }
    assert_int_equal(culprit.runs, runs);
    assert_int_not_equal(culprit.kind, MLG_CULPRIT_OPEN);
    return culprit;
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
    assert_int_equal(culprit.runs, 0);
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
            assert_int_equal(culprit.set & ~guilty, 0);
            if (culprit.kind == MLG_CULPRIT_AMONG) {
                assert_int_equal(guilty & ~culprit.among, 0);
            } else {
                assert_int_equal(culprit.kind, MLG_CULPRIT_NAMED);
                assert_int_equal(culprit.set, guilty);
            }
        }
    }
    /* As soon as it is found, it is named: unconfirmed where no run is left. */
    const struct world world = {{bit(0)}, 1};
    const struct mlg_culprit culprit = search(&world, first(2), 2);
    assert_int_equal(culprit.kind, MLG_CULPRIT_NAMED);
    assert_false(culprit.is_confirmed);
    assert_false(culprit.others_known);
}

/* Differences that come and go end in no name that was not seen to differ twice. */
static void test_chance(void **state)
{
    (void)state;
    uint32_t random = 99;
    unsigned unsteady = 0;
    for (int turn = 0; turn < 2000; turn++) {
        struct mlg_culprit culprit;
        mlg_variation_set set, seen[64];
        bool answers[64];
        unsigned runs = 0;
        mlg_culprit_begin(&culprit, first(13), 60);
        while (mlg_culprit_next(&culprit, &set)) {
            random = random * 1664525 + 1013904223;
            seen[runs] = set;
            answers[runs] = runs == 0 || random >> 30 == 0; /* one in four */
            mlg_culprit_tell(&culprit, answers[runs++]);
        }
        unsigned confirmations = 0;
        for (unsigned i = 0; i < runs; i++)
            confirmations += seen[i] == culprit.set && answers[i];
        assert_true(culprit.kind != MLG_CULPRIT_NAMED || confirmations == 2);
        unsteady += culprit.kind == MLG_CULPRIT_UNSTEADY;
    }
    assert_true(unsteady > 1000);
    /* Once, and never again. */
    struct mlg_culprit culprit;
    mlg_variation_set set;
    mlg_culprit_begin(&culprit, first(5), 60);
    for (bool is_first = true; mlg_culprit_next(&culprit, &set); is_first = false)
        mlg_culprit_tell(&culprit, is_first);
    assert_int_equal(culprit.kind, MLG_CULPRIT_UNSTEADY);
}

static void test_budgets(void **state)
{
    (void)state;
    assert_int_equal(mlg_culprit_budget(1), 4);
    assert_int_equal(mlg_culprit_budget(2), 5);
    assert_int_equal(mlg_culprit_budget(13), 8);
    assert_int_equal(mlg_culprit_budget(32), 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_none),   cmocka_unit_test(test_one),     cmocka_unit_test(test_pair),
        cmocka_unit_test(test_any),    cmocka_unit_test(test_some),    cmocka_unit_test(test_budget),
        cmocka_unit_test(test_chance), cmocka_unit_test(test_budgets),
    };
    return cmocka_run_group_tests_name("culprit", tests, NULL, NULL);
}
