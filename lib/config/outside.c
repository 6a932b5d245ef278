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

/* "a; b" for the list that is given as the lines a and b: the same list, on one line. As it is where it is no
 * list, or where a quote is open at the end of a line, since there the line is what ends it. NULL: no memory.
 */
static const char *on_one_line(const struct mlg_param *row, const char *given, struct mlg_arena *arena)
{
    static const char blanks[] = " \t\r";
    const char *separator = row->kind == &mlg_kind_checks ? "; " : ", ";
    struct mlg_builder text;
    bool is_open = false;
    mlg_builder_init(&text, 0);
    for (const char *line = given; *line && row->kind->repeats && !is_open;) {
        size_t size = strcspn(line, "\n");
        const char *next = line[size] ? line + size + 1 : line + size;
        char mark = '\0';
        for (size_t i = 0; i < size; i++)
            if (mark ? line[i] == mark : (line[i] == '\'' || line[i] == '"' || line[i] == '`'))
                mark = mark ? '\0' : line[i];
        is_open = mark != '\0';
        const size_t blank = strspn(line, blanks);
        line += blank;
        size -= blank;
        while (size && strchr(blanks, line[size - 1]))
            size--;
        if (size) {
            mlg_put(&text, text.size ? separator : "");
            mlg_put_bytes(&text, line, size);
        }
        line = next;
    }
    const bool is_joined = text.size > 0 && !is_open;
    const char *result = text.failed ? NULL
                                     : mlg_arena_copy(arena, is_joined ? text.data : given,
                                                      is_joined ? text.size : strlen(given));
    mlg_builder_free(&text);
    return result;
}

/* As it was given, where that is known: a flag of a suite takes one plain value. */
static const char *value_of(const struct search *search, const struct mlg_param *row, const void *object,
                            const struct mlg_origin *origin)
{
    const bool is_variable = origin->type == MLG_FROM_ENVIRONMENT;
    const char *given = is_variable ? search->world->environment(search->world->self, origin->name) : NULL;
    struct mlg_builder text;
    if (given)
        return on_one_line(row, given, search->arena);
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
