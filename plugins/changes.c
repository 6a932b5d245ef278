/* changes.c: two finished suites, and what changed between them. */
#include <string.h>

#include "mlgate/changes.h"
#include "plugins.h"

enum { RESULTS_SIZE = 256 * 1024 * 1024 };

bool mlg_two_files(const struct mlg_session *session, const char *usage)
{
    if (session->argument_count != 2)
        mlg_complain(session, "%zu of two files given; write mlgate %s", session->argument_count, usage);
    else if (strcmp(session->arguments[0], "-") == 0 && strcmp(session->arguments[1], "-") == 0)
        mlg_complain(session, "only one of two files can be standard input");
    else if (session->own.json && session->own.markdown)
        mlg_complain(session, "--json and --markdown are two ways to say the same; give one");
    else
        return true;
    return false;
}

static bool load(struct mlg_session *session, const char *path, struct mlg_results *results)
{
    struct mlg_error error = {0};
    size_t size;
    const char *bytes =
        mlg_world_read_file(session->world, path, RESULTS_SIZE, &session->arena, &size, &error);
    if (bytes && mlg_results_read(path, bytes, size, &session->arena, results, &error) == MLG_OK)
        return true;
    mlg_complain_of(session, &error);
    return false;
}

int mlg_command_compare(struct mlg_session *session)
{
    struct mlg_results before = {0}, after = {0};
    struct mlg_changes changes;
    struct mlg_error error = {0};
    struct mlg_builder out;
    if (!mlg_two_files(session, "compare OLD.json NEW.json") ||
        !load(session, session->arguments[0], &before) || !load(session, session->arguments[1], &after))
        return MLG_EXIT_ERROR;
    if (mlg_changes_find(&before, &after, &session->arena, &changes, &error))
        return mlg_complain(session, "%s", error.text);
    mlg_builder_init(&out, 0);
    (session->own.json       ? mlg_changes_put_json
     : session->own.markdown ? mlg_changes_put_markdown
                             : mlg_changes_put_text)(&changes, &out);
    const int code = mlg_finish_output(session, &out);
    return code ? code : changes.worse ? MLG_EXIT_FAIL : MLG_EXIT_PASS;
}
