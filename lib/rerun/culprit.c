/* culprit.c: which of the varied things makes outputs differ, found by halving.
 *
 * What is sought is a smallest set that differs where every larger one does too. Of the sets that made a run
 * differ the smallest is looked into. Its members stand in a row; the shortest beginning of the row that
 * differs ends in one that is needed. If that one does not do alone, the same is asked of what stood before
 * it. Every step is chosen from what all runs so far have shown, so that a run that turns out otherwise than
 * one before it sends the search back to where it matters.
 *
 * One of them may be such that others do by it what they do, as every variable that is set moves addresses:
 * it is tried alone before all else, and named where that makes runs differ. Whether others matter by
 * themselves is not to be known then.
 */
#include <math.h>

#include "mlgate/variation.h"

enum {
    /* Runs that must differ with what is named, the first being what made it a suspect, and plain ones that
     * must not. */
    SEEN = 3,
    PLAIN = 3,
    /* The same of several that are named together, which one of them that matters at times looks like; and
     * runs without each of them. */
    SEEN_TOGETHER = 4,
    SPARED = 3,
    /* Runs with what goes before all others that must not differ before another is named: it may do nothing
     * half the time. */
    CLEARED = 5,
    MOST_SPARED = 8, /* where a set makes runs differ at times only */
    MOST_TRIES = 20
};

/* How much better, as a logarithm of likelihoods, what is named has to explain the runs than chance does.
 * docs/repro.md tells how often what is named is wrong for all that. */
static const double evidence = 6;

/* Runs that varied `set` and perhaps more. */
struct count {
    unsigned differ, same;
};

static struct count count_with(const struct mlg_culprit *culprit, mlg_variation_set set)
{
    struct count count = {0, 0};
    for (unsigned i = 0; i < culprit->told_count; i++)
        if ((culprit->told[i].set & set) == set) {
            count.differ += culprit->told[i].differ;
            count.same += culprit->told[i].same;
        }
    return count;
}

/* Runs that varied this set and nothing else. */
static struct count count_of(const struct mlg_culprit *culprit, mlg_variation_set set)
{
    for (unsigned i = 0; i < culprit->told_count; i++)
        if (culprit->told[i].set == set)
            return (struct count){culprit->told[i].differ, culprit->told[i].same};
    return (struct count){0, 0};
}

/* The smallest set that made a run differ, or what goes before all others; 0: there is none. */
static mlg_variation_set find_smallest(const struct mlg_culprit *culprit)
{
    mlg_variation_set smallest = 0;
    if (culprit->first && count_of(culprit, culprit->first).differ > 0)
        return culprit->first;
    for (unsigned i = 0; i < culprit->told_count; i++)
        if (culprit->told[i].differ > 0 && culprit->told[i].set &&
            (!smallest || mlg_variation_size(culprit->told[i].set) < mlg_variation_size(smallest)))
            smallest = culprit->told[i].set;
    return smallest;
}

/* How many runs that do not differ show that a part of `set` does not do what `set` does. */
static unsigned enough(const struct mlg_culprit *culprit, mlg_variation_set set, unsigned least)
{
    static const double overlooked = 0.1;
    const struct count with = count_with(culprit, set);
    if (with.same == 0 || with.differ == 0)
        return least;
    const double needed = ceil(log(overlooked) / log((double)with.same / (with.same + with.differ)));
    return needed < least ? least : needed > MOST_SPARED ? MOST_SPARED : (unsigned)needed;
}

static double log_likelihood(unsigned differ, unsigned same)
{
    const double rate = (double)differ / (differ + same);
    return (differ ? differ * log(rate) : 0) + (same ? same * log(1 - rate) : 0);
}

/* Do the runs speak for `set`, and not for chance that would make any of them differ? */
static bool is_evident(const struct mlg_culprit *culprit, mlg_variation_set set)
{
    const struct count with = count_with(culprit, set);
    unsigned without = 0;
    for (unsigned i = 0; i < culprit->told_count; i++)
        if ((culprit->told[i].set & set) != set && culprit->told[i].differ == 0)
            without += culprit->told[i].same;
    return log_likelihood(with.differ, with.same) - log_likelihood(with.differ, with.same + without) >=
           evidence;
}

/* Has a part of it made a run differ? */
static bool is_seen(const struct mlg_culprit *culprit, mlg_variation_set set)
{
    for (unsigned i = 0; i < culprit->told_count; i++)
        if (culprit->told[i].differ > 0 && culprit->told[i].set && !(culprit->told[i].set & ~set))
            return true;
    return false;
}

/* Is what this set does still to be found out, when so many runs that do not differ show that it does
 * nothing? Those that varied more count too. */
static bool is_open(const struct mlg_culprit *culprit, mlg_variation_set set, unsigned needed)
{
    return !is_seen(culprit, set) && count_with(culprit, set).same < needed;
}

/* The first `count` members of the set. */
static mlg_variation_set first_of(mlg_variation_set set, unsigned count)
{
    mlg_variation_set first = 0;
    for (unsigned i = 0; i < 32 && count > 0; i++)
        if (set >> i & 1) {
            first |= (mlg_variation_set)1 << i;
            count--;
        }
    return first;
}

static bool is_untried(const struct mlg_culprit *culprit, mlg_variation_set set)
{
    const struct count own = count_of(culprit, set);
    return set && own.differ + own.same == 0;
}

/* A part of the smallest set that has to be tried before it is known to be the smallest. False: there is
 * none. */
static bool find_part(const struct mlg_culprit *culprit, mlg_variation_set smallest, mlg_variation_set *part)
{
    const unsigned needed = enough(culprit, smallest, 1);
    const struct count with = count_with(culprit, smallest);
    mlg_variation_set kept = 0, rest = smallest;
    *part = smallest;
    if (with.same > 0 && with.differ < 2)
        return true; /* how often does it differ at all? */
    while (rest) {
        unsigned low = 0, high = mlg_variation_size(rest);
        while (high - low > 1) {
            const unsigned middle = (low + high) / 2;
            *part = kept | first_of(rest, middle);
            if (is_open(culprit, *part, needed))
                return true;
            low = middle; /* had it differed it were the smallest */
        }
        kept |= rest & ~first_of(rest, high - 1);
        rest = first_of(rest, high - 1);
        *part = kept;
        if (rest && is_open(culprit, kept, needed))
            return true;
        /* Before more runs go into what is needed beside it: does it differ once more? */
        *part = smallest;
        if (rest && with.differ < 2)
            return true;
    }
    return false;
}

/* What is to be seen before the smallest set is named. False: nothing. */
static bool find_proof(const struct mlg_culprit *culprit, mlg_variation_set smallest,
                       mlg_variation_set *proof)
{
    const bool is_alone = mlg_variation_size(smallest) == 1;
    const bool at_times = count_with(culprit, smallest).same > 0;
    const unsigned spared = at_times ? MOST_SPARED : SPARED, cleared = at_times ? MOST_SPARED : CLEARED;
    const struct count own = count_of(culprit, smallest), plain = count_of(culprit, 0);
    *proof = smallest;
    if (own.differ < 2)
        return true;
    *proof = 0;
    if (plain.same < PLAIN)
        return true;
    for (unsigned i = 0; i < 32 && !is_alone; i++)
        if (smallest >> i & 1) {
            *proof = smallest & ~((mlg_variation_set)1 << i);
            if (is_open(culprit, *proof, spared))
                return true;
        }
    *proof = culprit->first;
    if (*proof & ~smallest && is_open(culprit, *proof, cleared))
        return true;
    *proof = smallest;
    if (own.differ < (is_alone ? SEEN : SEEN_TOGETHER))
        return true;
    *proof = plain.same < own.differ + own.same ? 0 : smallest;
    return !is_evident(culprit, smallest);
}

/* Do all others matter too? One run that differs is seen a second time, or it is not known. */
static bool find_others(const struct mlg_culprit *culprit, mlg_variation_set smallest,
                        mlg_variation_set *others)
{
    *others = culprit->all & ~smallest;
    const struct count count = count_of(culprit, *others);
    return *others &&
           (count.differ == 0 ? count_with(culprit, *others).same == 0 : count.differ < 2 && count.same == 0);
}

static void name(struct mlg_culprit *culprit)
{
    const mlg_variation_set others = culprit->all & ~culprit->set;
    const struct count count = count_of(culprit, others);
    culprit->kind = MLG_CULPRIT_NAMED;
    culprit->others = others && count.differ > 1;
    culprit->others_known =
        !others || culprit->others || (count.differ == 0 && count_with(culprit, others).same > 0);
}

/* The next run to ask for, of what is known; or the end. */
static void go_on(struct mlg_culprit *culprit)
{
    const mlg_variation_set smallest = find_smallest(culprit);
    const struct count with = count_with(culprit, smallest), plain = count_of(culprit, 0);
    culprit->set = smallest;
    culprit->is_confirmed = false;
    culprit->at_times = smallest && with.same > 0;
    culprit->with = with.differ + with.same;
    culprit->with_that_differ = with.differ;
    culprit->plain = plain.same + plain.differ;
    const bool may_ask = culprit->runs < culprit->budget;
    /* At times, and few: it takes more runs than a search is worth. */
    const bool is_rare = with.same >= 3 && with.differ * 3 <= with.same;
    culprit->asked = 0;
    if (plain.differ > 0) {
        culprit->kind = MLG_CULPRIT_CHANCE;
    } else if (!smallest && count_of(culprit, culprit->all).same > 0) {
        culprit->kind = MLG_CULPRIT_NONE;
    } else if (!smallest) {
        culprit->asked = culprit->set = culprit->all;
        culprit->kind = may_ask ? MLG_CULPRIT_OPEN : MLG_CULPRIT_AMONG;
    } else if (plain.same == 0) {
        culprit->kind = may_ask ? MLG_CULPRIT_OPEN : MLG_CULPRIT_AMONG;
    } else if (may_ask && is_untried(culprit, culprit->first)) {
        culprit->asked = culprit->first;
        culprit->kind = MLG_CULPRIT_OPEN;
    } else if (find_part(culprit, smallest, &culprit->asked)) {
        culprit->kind = may_ask && !is_rare ? MLG_CULPRIT_OPEN : MLG_CULPRIT_AMONG;
    } else if (find_proof(culprit, smallest, &culprit->asked)) {
        const struct count own = count_of(culprit, smallest);
        if (may_ask && !is_rare && own.differ + own.same < MOST_TRIES)
            culprit->kind = MLG_CULPRIT_OPEN;
        else if (mlg_variation_size(smallest) == 1 && !culprit->at_times)
            name(culprit);
        else
            culprit->kind = MLG_CULPRIT_AMONG;
    } else if (culprit->at_times && mlg_variation_size(smallest) > 1) {
        culprit->kind = MLG_CULPRIT_AMONG; /* as one of them would look like */
    } else {
        culprit->is_confirmed = true;
        if (may_ask && find_others(culprit, smallest, &culprit->asked))
            culprit->kind = MLG_CULPRIT_OPEN;
        else
            name(culprit);
    }
}

static void add(struct mlg_culprit *culprit, mlg_variation_set set, bool differs)
{
    unsigned i = 0;
    while (i < culprit->told_count && culprit->told[i].set != set)
        i++;
    if (i == sizeof culprit->told / sizeof *culprit->told) {
        culprit->budget = culprit->runs; /* no room for what more runs would show */
        return;
    }
    if (i == culprit->told_count) {
        culprit->told[i].set = set;
        culprit->told_count++;
    }
    if (differs)
        culprit->told[i].differ++;
    else
        culprit->told[i].same++;
}

void mlg_culprit_begin(struct mlg_culprit *culprit, mlg_variation_set all, unsigned budget)
{
    *culprit = (struct mlg_culprit){.all = all, .budget = budget};
    go_on(culprit);
}

void mlg_culprit_try_first(struct mlg_culprit *culprit, mlg_variation_set first)
{
    culprit->first = first & culprit->all;
    go_on(culprit);
}

void mlg_culprit_observe(struct mlg_culprit *culprit, mlg_variation_set varied, bool differs)
{
    add(culprit, varied, differs);
    go_on(culprit);
}

bool mlg_culprit_next(const struct mlg_culprit *culprit, mlg_variation_set *set)
{
    *set = culprit->asked;
    return culprit->kind == MLG_CULPRIT_OPEN;
}

void mlg_culprit_tell(struct mlg_culprit *culprit, bool differs)
{
    if (culprit->kind != MLG_CULPRIT_OPEN)
        return;
    culprit->runs++;
    add(culprit, culprit->asked, differs);
    go_on(culprit);
}

void mlg_culprit_stop(struct mlg_culprit *culprit)
{
    if (culprit->kind != MLG_CULPRIT_OPEN)
        return;
    culprit->budget = culprit->runs;
    go_on(culprit);
}

unsigned mlg_culprit_budget(unsigned count)
{
    unsigned halvings = 0;
    while ((uint64_t)1 << halvings < count)
        halvings++;
    return halvings + 9; /* all; alone; twice more, or three times; three plain ones; the others */
}
