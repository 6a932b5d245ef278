/* variation.c: what is changed between runs, one row each. */
#include "mlgate/variation.h"

#include <string.h>

#include "mlgate/param.h"
#include "mlgate/text.h"

/* ---- what is no variable ----------------------------------------------------------------------------- */

static const char *missing_time(const struct mlg_command_means *means)
{
    return means->time_problem ? means->time_problem
           : means->faketime   ? NULL
                               : "libfaketime is not installed";
}

static const char *missing_aslr(const struct mlg_command_means *means)
{
    return !means->has_random_addresses ? "the system has no addresses at random"
           : means->can_fix_addresses   ? NULL
                                        : "the system does not allow addresses that are fixed";
}

static const char *missing_cpu_count(const struct mlg_command_means *means)
{
    return means->processors > 1 ? NULL : "there is one processor alone";
}

static const char *missing_file_order(const struct mlg_command_means *means)
{
    return means->file_order_problem ? means->file_order_problem
           : means->has_file_order   ? NULL
           : means->lists_nothing    ? "no input is a directory or lies in one; in memory (TMPDIR=/dev/shm) "
                                       "the order of single files can be varied"
           : means->in_memory
               ? "the file system of the runs lists files in an order of its own; in memory "
                 "(TMPDIR=/dev/shm) it can be done"
               : "the file system of the runs lists files in an order of its own; where TMPDIR names a "
                 "directory in memory it can be done";
}

static bool set_directory(struct mlg_run_surroundings *run, struct mlg_arena *arena)
{
    run->directory = mlg_arena_format(arena, "%s-elsewhere-and-longer", run->directory);
    return run->directory != NULL;
}

static bool set_plain_umask(struct mlg_run_surroundings *run, struct mlg_arena *arena)
{
    (void)arena;
    run->settings.umask = 022;
    return true;
}

static bool set_umask(struct mlg_run_surroundings *run, struct mlg_arena *arena)
{
    (void)arena;
    run->settings.umask = 077;
    return true;
}

static bool set_fixed_addresses(struct mlg_run_surroundings *run, struct mlg_arena *arena)
{
    (void)arena;
    run->settings.addresses = MLG_ADDRESSES_FIXED;
    return true;
}

static bool set_random_addresses(struct mlg_run_surroundings *run, struct mlg_arena *arena)
{
    (void)arena;
    run->settings.addresses = MLG_ADDRESSES_RANDOM;
    return true;
}

static bool set_cpu_count(struct mlg_run_surroundings *run, struct mlg_arena *arena)
{
    (void)arena;
    run->settings.cpus = 1;
    return true;
}

static bool set_file_order(struct mlg_run_surroundings *run, struct mlg_arena *arena)
{
    (void)arena;
    run->inputs_are_backwards = true;
    return true;
}

static bool set_environment_order(struct mlg_run_surroundings *run, struct mlg_arena *arena)
{
    size_t count = 0;
    while (run->environment[count])
        count++;
    const char **turned = MLG_NEW_ARRAY(arena, const char *, count + 1);
    for (size_t i = 0; turned && i < count; i++)
        turned[i] = run->environment[count - 1 - i];
    run->environment = turned;
    return turned != NULL;
}

/* ---- rows -------------------------------------------------------------------------------------------- */

#define VARIATION(the_name, what, finds, advice, plain_variables, variables, none_left, not_here, as_plain,  \
                  as_varied)                                                                                 \
    {.name = #the_name,                                                                                      \
     .sets = (what),                                                                                         \
     .detects = (finds),                                                                                     \
     .remedy = (advice),                                                                                     \
     .plain = (plain_variables),                                                                             \
     .varied = (variables),                                                                                  \
     .missing = (not_here),                                                                                  \
     .set_plain = (as_plain),                                                                                \
     .set_varied = (as_varied),                                                                              \
     .when_missing = (none_left)},
const struct mlg_variation mlg_variations[] = {
#include "variations.def"
};
#undef VARIATION

enum { COUNT = sizeof mlg_variations / sizeof *mlg_variations };
_Static_assert(COUNT <= 32, "a set of variations is a word of 32 bits");
const size_t mlg_variation_count = COUNT;

mlg_variation_set mlg_variation_of(const char *name)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strcmp(mlg_variations[i].name, name) == 0)
            return (mlg_variation_set)1 << i;
    return 0;
}

unsigned mlg_variation_size(mlg_variation_set set)
{
    unsigned size = 0;
    for (; set; set &= set - 1)
        size++;
    return size;
}

const char *mlg_variation_words(mlg_variation_set set, struct mlg_arena *arena)
{
    const unsigned size = mlg_variation_size(set);
    const char *words = "";
    unsigned told = 0;
    for (size_t i = 0; words && i < COUNT; i++) {
        if (!(set >> i & 1))
            continue;
        const char *between = told == 0 ? "" : told + 1 == size ? " and " : ", ";
        words = mlg_arena_format(arena, "%s%s%s", words, between, mlg_variations[i].name);
        told++;
    }
    return size ? words : "none";
}

/* ---- variables ---------------------------------------------------------------------------------------- */

/* "x86_64:NAME=value|other" */
struct assignment {
    const char *machine, *name, *values;
    size_t machine_size, name_size, values_size;
};

/* The next of a list; false: there is none. */
static bool next_assignment(const char **list, struct assignment *item)
{
    if (!*list || !**list)
        return false;
    const char *start = *list;
    const size_t size = strcspn(start, ";");
    const size_t name_end = strcspn(start, "=");
    const char *colon = memchr(start, ':', name_end);
    item->machine = start;
    item->machine_size = colon ? (size_t)(colon - start) : 0;
    item->name = colon ? colon + 1 : start;
    item->name_size = name_end - (size_t)(item->name - start);
    item->values = start + name_end + 1;
    item->values_size = size - name_end - 1;
    *list = start + size + (start[size] == ';');
    return true;
}

static bool is_for(const struct assignment *item, const struct mlg_command_means *means)
{
    return item->machine_size == 0 || (strlen(means->machine) == item->machine_size &&
                                       memcmp(means->machine, item->machine, item->machine_size) == 0);
}

static bool is_pinned(const struct assignment *item, const struct mlg_run_surroundings *run)
{
    for (size_t i = 0; run->pinned && i < run->pinned->count; i++)
        if (strlen(run->pinned->keys[i]) == item->name_size &&
            memcmp(run->pinned->keys[i], item->name, item->name_size) == 0)
            return true;
    return false;
}

/* What stands for "{name}"; NULL: nothing. */
static const char *filling(const char *name, size_t size, const struct mlg_command_means *means,
                           const struct mlg_run_surroundings *run)
{
    const char *const fillings[][2] = {{"locale", means->locale},
                                       {"faketime", means->faketime},
                                       {"own", run->own},
                                       {"directory", run->directory},
                                       {"threads", means->processors > 1 ? "1" : "2"},
                                       {"PATH", mlg_command_variable(run->environment, "PATH")}};
    for (size_t i = 0; i < sizeof fillings / sizeof *fillings; i++)
        if (strlen(fillings[i][0]) == size && memcmp(fillings[i][0], name, size) == 0)
            return fillings[i][1];
    return NULL;
}

/* One value, filled in. False: there is nothing to fill it in with, or no memory (`builder->failed`). */
static bool fill(struct mlg_builder *builder, const char *value, size_t size,
                 const struct mlg_command_means *means, const struct mlg_run_surroundings *run)
{
    for (size_t i = 0; i < size; i++) {
        const char *end = value[i] == '{' ? memchr(value + i, '}', size - i) : NULL;
        if (!end) {
            mlg_put_bytes(builder, value + i, 1);
            continue;
        }
        const char *text = filling(value + i + 1, (size_t)(end - value) - i - 1, means, run);
        if (!text)
            return false;
        mlg_put(builder, text);
        i = (size_t)(end - value);
    }
    return !builder->failed;
}

/* The value that a run is to have, of those that are offered: the first that is not `now` (may be NULL).
 * NULL: none, or no memory, which is told in *failed. */
static const char *choose(const struct assignment *item, const char *now,
                          const struct mlg_command_means *means, const struct mlg_run_surroundings *run,
                          struct mlg_arena *arena, bool *failed)
{
    const char *end = item->values + item->values_size;
    for (const char *value = item->values; value < end;) {
        const char *bar = memchr(value, '|', (size_t)(end - value));
        const size_t size = (size_t)((bar ? bar : end) - value);
        struct mlg_builder filled;
        const char *chosen = NULL;
        mlg_builder_init(&filled, 0);
        const bool is_filled = fill(&filled, value, size, means, run);
        *failed |= filled.failed;
        if (is_filled && !mlg_text_equal(filled.data, now)) {
            chosen = mlg_arena_copy(arena, filled.data, filled.size);
            *failed |= !chosen;
        }
        mlg_builder_free(&filled);
        if (chosen || *failed)
            return chosen;
        value = bar ? bar + 1 : end;
    }
    return NULL;
}

static const char *name_of(const struct assignment *item, struct mlg_arena *arena)
{
    return mlg_arena_copy(arena, item->name, item->name_size);
}

/* Sets what a list says; `varied`: also where there is a value already. False: no memory. */
static bool assign(const char *list, bool varied, const struct mlg_command_means *means,
                   struct mlg_run_surroundings *run, struct mlg_arena *arena)
{
    struct assignment item;
    bool failed = false;
    while (!failed && next_assignment(&list, &item)) {
        if (!is_for(&item, means) || is_pinned(&item, run))
            continue;
        const char *name = name_of(&item, arena);
        const char *now = name ? mlg_command_variable(run->environment, name) : NULL;
        if (!name || (now && !varied)) {
            failed = !name;
            continue;
        }
        const char *value = choose(&item, now, means, run, arena, &failed);
        if (!value)
            continue;
        run->environment = mlg_command_with(run->environment, name, value, arena);
        failed = !run->environment;
    }
    return !failed;
}

const char *mlg_variation_missing(const struct mlg_variation *variation,
                                  const struct mlg_command_means *means,
                                  const struct mlg_run_surroundings *run, struct mlg_arena *arena)
{
    static const char no_memory[] = "there is no memory for it";
    const char *pinned = NULL, *list = variation->varied;
    const char *problem = variation->missing ? variation->missing(means) : NULL;
    struct assignment item;
    bool failed = false;
    if (problem || variation->set_varied)
        return problem;
    while (next_assignment(&list, &item)) {
        if (!is_for(&item, means))
            continue;
        if (is_pinned(&item, run)) {
            const char *name = name_of(&item, arena);
            const char *more = name && pinned ? mlg_arena_format(arena, "%s, %s", pinned, name) : name;
            if (!more)
                return no_memory;
            pinned = more;
        } else if (choose(&item, NULL, means, run, arena, &failed)) {
            return NULL;
        }
        if (failed)
            return no_memory;
    }
    if (!pinned)
        return variation->when_missing ? variation->when_missing : "it sets nothing on this machine";
    problem = mlg_arena_format(arena, "`environment` sets %s", pinned);
    return problem ? problem : no_memory;
}

mlg_variation_set mlg_variation_possible(mlg_variation_set set, const struct mlg_command_means *means,
                                         const struct mlg_run_surroundings *run, struct mlg_arena *arena)
{
    mlg_variation_set possible = 0;
    for (size_t i = 0; i < COUNT; i++)
        if (set >> i & 1 && !mlg_variation_missing(&mlg_variations[i], means, run, arena))
            possible |= (mlg_variation_set)1 << i;
    return possible;
}

int mlg_variation_apply(mlg_variation_set considered, mlg_variation_set varied,
                        const struct mlg_command_means *means, struct mlg_run_surroundings *run,
                        struct mlg_arena *arena, struct mlg_error *error)
{
    bool is_done = run->environment != NULL;
    considered = mlg_variation_possible(considered, means, run, arena);
    for (int turn = 0; turn < 2; turn++) { /* plain first: a variation sees what all of them leave to it */
        for (size_t i = 0; is_done && i < COUNT; i++) {
            const struct mlg_variation *variation = &mlg_variations[i];
            const mlg_variation_set bit = (mlg_variation_set)1 << i;
            if (!(considered & bit) || (turn == 1 && !(varied & bit)))
                continue;
            bool (*more)(struct mlg_run_surroundings *, struct mlg_arena *) =
                turn == 0 ? variation->set_plain : variation->set_varied;
            is_done =
                assign(turn == 0 ? variation->plain : variation->varied, turn == 1, means, run, arena) &&
                (!more || more(run, arena));
        }
    }
    return is_done ? MLG_OK : mlg_error_set(error, MLG_LIMIT, "no memory for the surroundings of a run");
}
