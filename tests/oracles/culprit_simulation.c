/* culprit_simulation: how often is a culprit that repro names wrong?
 *
 * Draws gates that are blocked, since their second run, with everything varied, differs from the first; looks
 * for the cause as the gate does, within its budget; and counts what is told. Prints the table of
 * docs/repro.md. Exit code 1: something innocent is named more often than is said there.
 *
 *   cmake --build build --target culprit_simulation
 *   build/bin/culprit_simulation [SEARCHES]
 */
#include <stdio.h>
#include <stdlib.h>

#include "mlgate/variation.h"
#include "random_numbers.h"

struct scene {
    const char *drawn;  /* in words */
    unsigned together;  /* so many, at random, matter together */
    double probability; /* that a run differs which varies them */
    double chance;      /* that any run differs */
    enum { NO_ADDRESSES, ADDRESSES, INNOCENT_ADDRESSES } addresses;
};

static const struct scene scenes[] = {
    {"one, always", 1, 1, 0, NO_ADDRESSES},
    {"one, in 75 % of the runs", 1, 0.75, 0, NO_ADDRESSES},
    {"one, in 50 %", 1, 0.5, 0, NO_ADDRESSES},
    {"one, in 25 %", 1, 0.25, 0, NO_ADDRESSES},
    {"two together, always", 2, 1, 0, NO_ADDRESSES},
    {"two together, in 50 %", 2, 0.5, 0, NO_ADDRESSES},
    {"nothing: chance in 5 % of all runs", 0, 0, 0.05, NO_ADDRESSES},
    {"nothing: chance in 25 %", 0, 0, 0.25, NO_ADDRESSES},
    {"nothing: chance in 40 %", 0, 0, 0.4, NO_ADDRESSES},
    {"nothing: chance in 50 %", 0, 0, 0.5, NO_ADDRESSES},
    {"nothing: chance in 75 %", 0, 0, 0.75, NO_ADDRESSES},
    {"addresses, always; half of the others move them", 0, 1, 0, ADDRESSES},
    {"addresses, in 75 %; half of the others move them", 0, 0.75, 0, ADDRESSES},
    {"addresses, in 50 %; half of the others move them", 0, 0.5, 0, ADDRESSES},
    {"one, always; addresses are varied, and do not", 1, 1, 0, INNOCENT_ADDRESSES},
    {"one, in 50 %; addresses are varied, and do not", 1, 0.5, 0, INNOCENT_ADDRESSES},
    {"nothing: chance in 40 %; addresses are varied", 0, 0, 0.4, INNOCENT_ADDRESSES},
};

enum { COUNT = sizeof scenes / sizeof *scenes };
static const unsigned sizes[] = {4, 13};
static const double most_wrong = 0.05;

struct told {
    unsigned right, wrong, among, chance;
    unsigned long runs;
};

static void look(const struct scene *scene, unsigned size, struct random *random, struct told *told)
{
    const mlg_variation_set all = (mlg_variation_set)((1U << size) - 1);
    const mlg_variation_set first = scene->addresses == NO_ADDRESSES ? 0 : (mlg_variation_set)1 << size / 2;
    mlg_variation_set guilty = scene->addresses == ADDRESSES ? first : 0, movers = 0, set;
    struct mlg_culprit culprit;
    while (mlg_variation_size(guilty) < scene->together)
        guilty |= ((mlg_variation_set)1 << draw(random) % size) & ~first;
    if (scene->addresses == ADDRESSES)
        movers = (mlg_variation_set)draw(random) & all & ~first;
    mlg_culprit_begin(&culprit, all, 2 * mlg_culprit_budget(size));
    mlg_culprit_try_first(&culprit, first);
    mlg_culprit_observe(&culprit, all, true);
    while (mlg_culprit_next(&culprit, &set)) {
        const bool is_varied = guilty && (set & guilty) == guilty;
        const bool is_moved = !is_varied && set & movers; /* the same way each time */
        const bool differs = is_moved || (is_varied && draw_uniform(random) < scene->probability);
        mlg_culprit_tell(&culprit, differs || draw_uniform(random) < scene->chance);
    }
    told->runs += culprit.runs;
    if (culprit.kind == MLG_CULPRIT_NAMED && guilty && culprit.set == guilty)
        told->right++;
    else if (culprit.kind == MLG_CULPRIT_NAMED ||
             (culprit.kind == MLG_CULPRIT_AMONG && guilty & ~culprit.set))
        told->wrong++;
    else if (culprit.kind == MLG_CULPRIT_AMONG)
        told->among++;
    else
        told->chance++;
}

int main(int count, char **arguments)
{
    const unsigned searches = count > 1 ? (unsigned)strtoul(arguments[1], NULL, 10) : 20000;
    bool is_wrong = false;
    printf("| what matters | of | named, right | named, wrong | among, or at times | chance | runs more |\n"
           "|---|---|---|---|---|---|---|\n");
    for (unsigned scene = 0; scene < COUNT; scene++)
        for (unsigned size = 0; size < 2; size++) {
            struct told told = {0};
            for (unsigned i = 0; i < searches; i++) {
                struct random random = random_of(2 * scene + size, i);
                look(&scenes[scene], sizes[size], &random, &told);
            }
            const double all = searches;
            printf("| %s | %u | %.1f %% | %.1f %% | %.1f %% | %.1f %% | %.1f |\n", scenes[scene].drawn,
                   sizes[size], 100 * told.right / all, 100 * told.wrong / all, 100 * told.among / all,
                   100 * told.chance / all, (double)told.runs / all);
            is_wrong = is_wrong || told.wrong > most_wrong * all;
        }
    return is_wrong;
}
