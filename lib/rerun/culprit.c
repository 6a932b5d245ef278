/* culprit.c: which of the varied things makes outputs differ, found by halving.
 *
 * What is sought is a smallest set that differs where every larger one does too. The variations stand in a
 * row; the shortest beginning of the row that differs ends in one that is needed. It is kept, what stood
 * behind it is dropped, and if it does not do alone, the same is asked again of what stood before it.
 */
#include <string.h>

#include "mlgate/variation.h"

enum step { STEP_ALL, STEP_HALVE, STEP_ALONE, STEP_CONFIRM, STEP_OTHERS };

static mlg_variation_set first_of(const struct mlg_culprit *culprit, unsigned count)
{
    mlg_variation_set set = 0;
    for (unsigned i = 0; i < count; i++)
        set |= culprit->order[i];
    return set;
}

static unsigned middle(const struct mlg_culprit *culprit)
{
    return (culprit->low + culprit->high) / 2;
}

static mlg_variation_set wanted(const struct mlg_culprit *culprit)
{
    switch ((enum step)culprit->step) {
    case STEP_ALL:
        return culprit->all;
    case STEP_HALVE:
        return culprit->set | first_of(culprit, middle(culprit));
    case STEP_ALONE:
    case STEP_CONFIRM:
        return culprit->set;
    case STEP_OTHERS:
        return culprit->all & ~culprit->set;
    }
    return 0;
}

/* With what is found, first that it does once more, then whether the rest does too. */
static void found(struct mlg_culprit *culprit)
{
    culprit->step = STEP_CONFIRM;
    culprit->high = culprit->low = 0;
}

/* While there is but one left that the beginning of the row may end in. */
static void settle(struct mlg_culprit *culprit)
{
    culprit->step = STEP_HALVE;
    if (culprit->high - culprit->low > 1)
        return;
    culprit->set |= culprit->order[culprit->high - 1];
    culprit->high = culprit->low;
    culprit->low = 0;
    if (culprit->high == 0)
        found(culprit); /* this very set is what has just been seen to differ */
    else
        culprit->step = STEP_ALONE;
}

static void take(struct mlg_culprit *culprit, bool differs)
{
    switch ((enum step)culprit->step) {
    case STEP_ALL:
        if (!differs)
            culprit->kind = MLG_CULPRIT_NONE;
        else
            settle(culprit);
        break;
    case STEP_HALVE:
        if (differs)
            culprit->high = middle(culprit);
        else
            culprit->low = middle(culprit);
        settle(culprit);
        break;
    case STEP_ALONE:
        if (differs)
            found(culprit);
        else
            settle(culprit);
        break;
    case STEP_CONFIRM:
        culprit->is_confirmed = differs;
        culprit->step = STEP_OTHERS;
        culprit->others_known = culprit->set == culprit->all;
        if (!differs)
            culprit->kind = MLG_CULPRIT_UNSTEADY;
        else if (culprit->others_known)
            culprit->kind = MLG_CULPRIT_NAMED;
        break;
    case STEP_OTHERS:
        culprit->others_known = true;
        culprit->others = differs;
        culprit->kind = MLG_CULPRIT_NAMED;
        break;
    }
}

/* Takes what is known already, and ends where no run is left. */
static void go_on(struct mlg_culprit *culprit)
{
    while (culprit->kind == MLG_CULPRIT_OPEN) {
        culprit->asked = wanted(culprit);
        unsigned i = culprit->step == STEP_CONFIRM ? culprit->told_count : 0;
        while (i < culprit->told_count && culprit->told[i].set != culprit->asked)
            i++;
        if (i < culprit->told_count)
            take(culprit, culprit->told[i].differs);
        else if (culprit->runs < culprit->budget)
            return;
        else
            culprit->kind = culprit->step >= STEP_CONFIRM ? MLG_CULPRIT_NAMED : MLG_CULPRIT_AMONG;
    }
    culprit->among = culprit->set | first_of(culprit, culprit->high);
}

void mlg_culprit_begin(struct mlg_culprit *culprit, mlg_variation_set all, unsigned budget)
{
    *culprit =
        (struct mlg_culprit){.kind = all ? MLG_CULPRIT_OPEN : MLG_CULPRIT_NONE, .all = all, .budget = budget};
    for (unsigned i = 0; i < 32; i++)
        if (all >> i & 1)
            culprit->order[culprit->high++] = (mlg_variation_set)1 << i;
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
    if (culprit->told_count < sizeof culprit->told / sizeof *culprit->told) {
        culprit->told[culprit->told_count].set = culprit->asked;
        culprit->told[culprit->told_count++].differs = differs;
    }
    take(culprit, differs);
    go_on(culprit);
}

void mlg_culprit_stop(struct mlg_culprit *culprit)
{
    culprit->budget = culprit->runs;
    go_on(culprit);
}

unsigned mlg_culprit_budget(unsigned count)
{
    unsigned halvings = 0;
    while ((uint64_t)1 << halvings < count)
        halvings++;
    return halvings + 4; /* all; alone; once more; the others */
}
