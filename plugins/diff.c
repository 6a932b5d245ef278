/* diff.c: two artefacts compared by hand. */
#include <string.h>

#include "mlgate/command.h"
#include "mlgate/compare.h"
#include "plugins.h"

static int usage(const struct mlg_session *session)
{
    const struct mlg_command_options *own = &session->own;
    if (session->argument_count != 2)
        return mlg_complain(session, "%zu of two files given; write mlgate diff A B",
                            session->argument_count);
    if (strcmp(session->arguments[0], "-") == 0 && strcmp(session->arguments[1], "-") == 0)
        return mlg_complain(session, "only one of two files can be standard input");
    if (!own->prediction && (own->label || own->score.count > 0))
        return mlg_complain(session, "flag '%s' needs --prediction COLUMN",
                            own->label ? "--label" : "--score");
    return 0;
}

static bool is_of_system(const char *path)
{
    return strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0;
}

/* A pipe that lies in a directory may never have a writer: it is told, and not waited for. What a shell
 * writes for <(command) is a link to one that is open, and leads to no path. */
static int refuse_pipe(const struct mlg_session *session, const char *path)
{
    const struct mlg_world *world = session->world;
    struct mlg_entry entry = {0};
    struct mlg_error error = {0};
    struct mlg_arena scratch;
    if (!world->runner || is_of_system(path))
        return 0;
    mlg_arena_init(&scratch, 0);
    const char *real = world->runner->real_path(world->self, path, &scratch, &error);
    const bool is_pipe = real && !is_of_system(real) &&
                         world->runner->look(world->self, real, &entry, &error) == MLG_OK &&
                         entry.kind == MLG_ENTRY_OTHER;
    mlg_arena_free(&scratch);
    return is_pipe
               ? mlg_complain(session,
                              "'%s' is a pipe or a device, and no file; '-' reads it as standard input", path)
               : 0;
}

int mlg_command_diff(struct mlg_session *session)
{
    const struct mlg_command_options *own = &session->own;
    const struct mlg_compare_options options = {.absolute = own->tolerance,
                                                .relative = own->relative,
                                                .ignore = own->ignore.items,
                                                .ignore_count = own->ignore.count,
                                                .id = own->id};
    const struct mlg_flips_options of_flips = {.prediction = own->prediction,
                                               .id = own->id,
                                               .label = own->label,
                                               .scores = own->score.items,
                                               .score_count = own->score.count};
    struct mlg_comparison comparison;
    struct mlg_flips_of_files flips;
    struct mlg_error error = {0};
    if (usage(session))
        return MLG_EXIT_ERROR;
    const char *a = session->arguments[0], *b = session->arguments[1];
    if (refuse_pipe(session, a) || refuse_pipe(session, b))
        return MLG_EXIT_ERROR;
    if (own->prediction && mlg_compare_predictions_below(session->world, a, b, &of_flips, &options,
                                                         &session->arena, &flips, &error))
        return mlg_complain_of(session, &error);
    if (mlg_compare_files(session->world, a, b, &options, &session->arena, &comparison, &error))
        return mlg_complain_of(session, &error);
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    (own->json ? mlg_comparison_put_json
               : mlg_comparison_put_text)(&comparison, own->prediction ? &flips : NULL, a, b, &out);
    const int code = mlg_finish_output(session, &out);
    return code ? code : comparison.same ? MLG_EXIT_PASS : MLG_EXIT_FAIL;
}
