/* environment.c: variables that look as if mlgate read them, and that nothing reads. */
#include <string.h>

#include "plugins.h"

static const char prefix[] = "MLGATE_";

/* The row that a variable names. */
static const struct mlg_param *find_row(const struct mlg_param *rows, const char *variable)
{
    char name[64];
    const char *rest = variable + sizeof prefix - 1;
    size_t size = strlen(rest);
    if (!rows || size >= sizeof name)
        return NULL;
    for (size_t i = 0; i <= size; i++) {
        if (rest[i] >= 'a' && rest[i] <= 'z')
            return NULL; /* names of variables are told apart by case */
        name[i] = (char)(rest[i] >= 'A' && rest[i] <= 'Z' ? rest[i] - 'A' + 'a' : rest[i]);
    }
    return strchr(name, '-') ? NULL : mlg_params_find(rows, name);
}

enum { TABLES = 5, MOST_NAMES = 128 };

/* What this executable reads from the environment. */
static size_t tables_read(const struct mlg_session *session, const struct mlg_param *tables[TABLES])
{
    size_t count = 0;
    tables[count++] = mlg_suite_params;
    tables[count++] = session->command->rows;
    if (session->gate) {
        tables[count++] = mlg_data_params;
        tables[count++] = mlg_gate_params;
        tables[count++] = session->gate->params;
    }
    return count;
}

/* MLGATE_VERSION counts as read: it often names a release, and the version of a file is the file's to say.
 * MLGATE_BECAUSE is a gate's alone. */
static bool is_read(const struct mlg_session *session, const char *variable)
{
    const struct mlg_param *tables[TABLES];
    size_t count = tables_read(session, tables);
    for (size_t i = 0; i < count; i++) {
        const struct mlg_param *row = find_row(tables[i], variable);
        if (row && tables[i] == session->command->rows && !mlg_is_from_environment(session->command, row))
            continue;
        if (row && !(row->not_a_flag && (tables[i] == mlg_gate_params || strcmp(row->name, "because") == 0)))
            return true;
    }
    return false;
}

/* Is it a key that some other executable, or mlgate.yaml alone, knows? (Waivers come from nowhere else, so
 * MLGATE_CHECK is rather a slip for MLGATE_CHECKS.) */
static bool is_known(const char *variable, struct mlg_arena *arena)
{
    const struct mlg_table_of_rows *table = mlg_config_tables(arena);
    for (; table && table->rows; table++)
        if (table->rows != mlg_waiver_params && find_row(table->rows, variable))
            return true;
    return false;
}

static const char *nearest(struct mlg_session *session, const char *variable)
{
    const struct mlg_param *tables[TABLES];
    const char *names[MOST_NAMES];
    size_t count = 0, table_count = tables_read(session, tables);
    for (size_t i = 0; i < table_count; i++)
        for (const struct mlg_param *row = tables[i]; row && row->name && count < MOST_NAMES; row++) {
            const char *name = row->not_a_flag ? NULL : mlg_variable_of(row, &session->arena);
            if (name)
                names[count++] = name;
        }
    /* What they all begin with says nothing about which is meant. */
    for (size_t i = 0; i < count; i++)
        names[i] += sizeof prefix - 1;
    const char *near = mlg_nearest(variable + sizeof prefix - 1, names, count);
    return near ? near - (sizeof prefix - 1) : NULL;
}

/* One that no parameter row has: of the cache, and of the git hooks that call mlgate. */
static bool is_of_runs(const char *variable)
{
    return strcmp(variable, "MLGATE_CACHE") == 0 || strcmp(variable, "MLGATE_SKIP") == 0;
}

static void judge(struct mlg_session *session, const char *variable, const char *value)
{
    const struct mlg_place nowhere = {0};
    if (strcmp(variable, "MLGATE_CACHE") == 0 && strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
        mlg_diagnose(&session->mistakes, MLG_ERROR, nowhere, 0, NULL,
                     "the variable 'MLGATE_CACHE' is '%s'; it may be 'on' or 'off'", value);
    if (is_of_runs(variable) || is_read(session, variable))
        return;
    if (is_known(variable, &session->arena)) {
        mlg_diagnose(&session->mistakes, MLG_WARNING, nowhere, 0, NULL, "the variable '%s' has no effect: %s",
                     variable,
                     session->gate
                         ? "this executable has no such option"
                         : "under mlgate run and check the environment sets keys of the suite's top "
                           "level alone");
        return;
    }
    const char *near = nearest(session, variable);
    near = near && strcmp(near, variable) == 0 ? NULL : near; /* a flag's name that no variable gives */
    mlg_diagnose(&session->mistakes, MLG_WARNING, nowhere, 0, NULL,
                 near ? "the variable '%s' has no effect: no key has that name; did you mean '%s'?"
                      : "the variable '%s' has no effect: no key has that name",
                 variable, near);
}

void mlg_judge_environment(struct mlg_session *session)
{
    const struct mlg_world *world = session->world;
    const char *variable;
    for (size_t i = 0, size; world->variable && (variable = world->variable(world->self, i, &size)); i++) {
        if (size < sizeof prefix || strncmp(variable, prefix, sizeof prefix - 1) != 0)
            continue;
        const char *name = mlg_arena_copy(&session->arena, variable, size);
        const char *value = name ? world->environment(world->self, name) : NULL;
        if (value && *value) /* empty is as if it were not given */
            judge(session, name, value);
    }
}
