/* The table that is meant in an output that is a directory. */
#include <string.h>

#include "mlgate/text.h"
#include "repro_private.h"

/* Its name below the directory; "" of what is a file. */
static int find_table(const struct repro_run *state, const char *column, const char *path, const char **file,
                      struct mlg_error *error)
{
    const struct repro_options *options = state->options;
    const struct mlg_compare_options compare = {.ignore = options->ignore.items,
                                                .ignore_count = options->ignore.count};
    const char *const *files;
    size_t count;
    const int code = mlg_compare_tables_with(state->run->world, path, column, &compare, state->run->arena,
                                             &files, &count, error);
    if (code != MLG_OK)
        return code;
    if (count == 0)
        return mlg_error_set(error, MLG_DATA,
                             "no file in '%s' is a table with the column '%s'; CSV, TSV, JSON lines and "
                             "Parquet are tables, by their names",
                             path, column);
    if (count > 1)
        return mlg_error_set(
            error, MLG_DATA,
            "'%s' holds %zu tables with the column '%s' ('%s', '%s'%s); name under 'outputs' "
            "which one is meant",
            path, count, column, files[0], files[1], count > 2 ? ", ..." : "");
    *file = files[0];
    return MLG_OK;
}

int repro_find_tables(const struct repro_run *state, const char *column, const char **paths, size_t count,
                      struct mlg_error *error)
{
    const char *first = "";
    for (size_t i = 0; i < count; i++) {
        const char *file = "", *path = paths[i];
        const int code = find_table(state, column, path, &file, error);
        if (code != MLG_OK)
            return code;
        if (*file && !(paths[i] = mlg_arena_format(state->run->arena, "%s/%s", path, file)))
            return repro_no_memory(error);
        first = i == 0 ? file : first;
        if (strcmp(file, first) != 0)
            return mlg_error_set(
                error, MLG_DATA,
                "the column '%s' stands in '%s' and in '%s', which are no two files of one name", column,
                paths[0], paths[i]);
    }
    return MLG_OK;
}
