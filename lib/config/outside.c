/* outside: which values of a suite the environment and the flags gave, beside the configuration. */
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "mlgate/gate.h"

struct found {
    const char *name, *value;
    enum mlg_origin_type type;
};

struct search {
    const struct mlg_suite *suite;
    const struct mlg_world *world;
    struct mlg_arena *arena;
    struct found *items;
    size_t count, capacity;
    bool failed;
};

/* Neither where reports go nor how many threads work changes what is judged. */
static bool changes_nothing(const struct mlg_param *rows, const struct mlg_param *row)
{
    return rows == mlg_suite_params &&
           (strcmp(row->name, "threads") == 0 || strcmp(row->name, "reports") == 0);
}

/* As it was given, where that is known: a flag of a suite takes one plain value. */
static const char *value_of(const struct search *search, const struct mlg_param *row, const void *object,
                            const struct mlg_origin *origin)
{
    const bool is_variable = origin->type == MLG_FROM_ENVIRONMENT;
    const char *given = is_variable ? search->world->environment(search->world->self, origin->name) : NULL;
    struct mlg_builder text;
    if (given)
        return mlg_arena_copy(search->arena, given, strlen(given));
    mlg_builder_init(&text, 0);
    mlg_param_print(row, object, &text);
    const char *value = text.failed ? NULL : mlg_arena_copy(search->arena, text.data, text.size);
    mlg_builder_free(&text);
    return value;
}

static bool is_found(const struct search *search, const char *name)
{
    for (size_t i = 0; i < search->count; i++)
        if (strcmp(search->items[i].name, name) == 0)
            return true;
    return false;
}

/* Gates inherit the settings of the suite with their origin: each is found once. */
static void search_rows(struct search *search, const struct mlg_param *rows, const void *object,
                        const struct mlg_origin *origins)
{
    for (size_t i = 0; rows && origins && rows[i].name; i++) {
        const struct mlg_origin *origin = &origins[i];
        const bool is_outside =
            origin->type == MLG_FROM_ENVIRONMENT || (origin->type == MLG_FROM_FLAG && search->suite->path);
        if (!is_outside || changes_nothing(rows, &rows[i]) || is_found(search, origin->name))
            continue;
        struct found *grown =
            mlg_arena_grow(search->arena, search->items, &search->capacity, search->count + 1, sizeof *grown);
        const char *value = value_of(search, &rows[i], object, origin);
        search->failed = search->failed || !grown || !value;
        if (search->failed)
            return;
        search->items = grown;
        grown[search->count++] = (struct found){origin->name, value, origin->type};
    }
}

static int by_name(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    return x->type != y->type ? (x->type > y->type) - (x->type < y->type) : strcmp(x->name, y->name);
}

bool mlg_suite_outside(const struct mlg_suite *suite, const struct mlg_world *world, struct mlg_arena *arena,
                       struct mlg_map *outside)
{
    struct search search = {.suite = suite, .world = world, .arena = arena};
    search_rows(&search, mlg_suite_params, suite, suite->origins);
    for (size_t d = 0; d < suite->data_count; d++)
        search_rows(&search, mlg_data_params, &suite->data[d], suite->data[d].origins);
    for (size_t g = 0; g < suite->gate_count; g++) {
        const struct mlg_gate_config *config = &suite->gates[g];
        search_rows(&search, mlg_gate_params, config, config->origins);
        search_rows(&search, config->gate->params, config->options, config->option_origins);
    }
    *outside = (struct mlg_map){.keys = MLG_NEW_ARRAY(arena, const char *, search.count + 1),
                                .values = MLG_NEW_ARRAY(arena, const char *, search.count + 1)};
    if (search.failed || !outside->keys || !outside->values)
        return false;
    if (search.count)
        qsort(search.items, search.count, sizeof *search.items, by_name);
    for (size_t i = 0; i < search.count; i++) {
        outside->keys[i] = search.items[i].name;
        outside->values[i] = search.items[i].value;
    }
    outside->count = search.count;
    return true;
}
