/* beside.c: several runs, one after the other or, on threads with an arena each, beside one another. */
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "mlgate/parallel.h"
#include "rerun_private.h"

/* As mlg_rerun_begin_others where the first run begins now, and nobody knows how long it takes. */
static int64_t begin_beside(const struct mlg_rerun *rerun)
{
    return (rerun->world->unix_time(rerun->world->self) + 2) * 1000000000;
}

/* What became of each run, in the order of plans. */
struct runs {
    const struct mlg_rerun *rerun;
    const struct mlg_rerun_plan *plans;
    struct mlg_rerun_run **made;
    unsigned at_once;
    int64_t not_before; /* when all but the first run of all begin */
    struct one_run {
        struct mlg_arena arena;
        struct mlg_error error;
        int code;
    } * items;
    atomic_size_t failed; /* the first of those that failed so far */
};

static void make_one(void *context, size_t index)
{
    struct runs *runs = context;
    struct one_run *item = &runs->items[index];
    if (index > atomic_load(&runs->failed))
        return; /* nobody would look at it */
    struct mlg_rerun own = *runs->rerun;
    own.at_once = runs->at_once;
    const unsigned number = own.count + 1 + (unsigned)index;
    own.arena = &item->arena;
    if (own.at_once > 1) {
        char name[32];
        snprintf(name, sizeof name, "apart-%u", number);
        own.apart = own.runner->make_directory(own.world->self, own.root, name, own.arena, &item->error);
        /* What a run that goes alone finds beside its directory, which is hidden there. */
        if (!own.apart || !own.runner->make_directory(own.world->self, own.apart,
                                                      mlg_rerun_last_part(own.kept), own.arena, &item->error))
            item->code = (int)item->error.code;
    }
    own.not_before = number > 1 ? runs->not_before : 0;
    if (item->code == MLG_OK)
        item->code =
            own.at_once > 1
                ? mlg_rerun_make_run(&own, number, &runs->plans[index], &runs->made[index], &item->error)
                : mlg_rerun_make_alone(&own, number, &runs->plans[index], &runs->made[index], &item->error);
    if (item->code == MLG_OK && number == 1 && own.at_once == 1)
        runs->not_before = mlg_rerun_begin_others(runs->made[index]);
    size_t first = atomic_load(&runs->failed);
    while (item->code != MLG_OK && index < first &&
           !atomic_compare_exchange_weak(&runs->failed, &first, index))
        continue;
}

/* Whether runs that went at a time left something outside that another of them can have read. */
static int check_beside(struct mlg_rerun *rerun, struct mlg_rerun_run *const *made, struct mlg_error *error)
{
    const int code = mlg_rerun_find_left(rerun, error);
    const struct mlg_leftovers_of of = mlg_rerun_leftovers_of(rerun);
    return code == MLG_OK ? mlg_leftovers_check_beside(&of, &rerun->left, made, rerun->arena, error) : code;
}

int mlg_rerun_runs(struct mlg_rerun *rerun, const struct mlg_rerun_plan *plans, size_t count,
                   struct mlg_rerun_run **made, size_t *made_count, struct mlg_error *error)
{
    struct runs runs = {.rerun = rerun,
                        .plans = plans,
                        .made = made,
                        .at_once = rerun->at_once < count ? rerun->at_once : (unsigned)count,
                        .items = MLG_NEW_ARRAY(rerun->arena, struct one_run, count + 1)};
    *made_count = 0;
    if (!runs.items)
        return mlg_rerun_no_memory(error);
    const struct mlg_arena *arena = rerun->arena;
    for (size_t i = 0; i < count && arena->maximum; i++)
        mlg_arena_init(&runs.items[i].arena, arena->maximum > arena->used ? arena->maximum - arena->used : 1);
    atomic_init(&runs.failed, count);
    runs.not_before = rerun->not_before;
    if (runs.at_once > 1 && rerun->count == 0) /* nobody knows yet how long the first one takes */
        runs.not_before = begin_beside(rerun);
    bool has_memory = true;
    const int code = runs.at_once > 1 ? mlg_rerun_find_left(rerun, error) : MLG_OK;
    if (code != MLG_OK)
        return code;
    mlg_parallel(runs.at_once, count, make_one, &runs);
    for (size_t i = 0; i < count; i++) {
        mlg_arena_adopt(rerun->arena, &runs.items[i].arena);
        if (runs.at_once > 1 && made[i])
            has_memory = mlg_earlier_add(rerun->earlier, made[i], rerun->arena) && has_memory;
    }
    if (!has_memory)
        return mlg_rerun_no_memory(error);
    const size_t failed = atomic_load(&runs.failed);
    rerun->count += (unsigned)count;
    rerun->not_before = runs.not_before;
    *made_count = failed;
    int end = failed == count ? mlg_rerun_check_originals(rerun, error) : runs.items[failed].code;
    if (failed < count && error)
        *error = runs.items[failed].error;
    if (end == MLG_OK && count > 1 && runs.at_once > 1)
        end = check_beside(rerun, made, error);
    rerun->left = (struct mlg_leftovers){.count = 0};
    return end;
}
