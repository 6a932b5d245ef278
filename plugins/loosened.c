/* loosened.c: two configurations, and what the second asks less than the first. */
#include <string.h>

#include "mlgate/loosened.h"
#include "plugins.h"

/* The files alone are compared: what is set around this process is of neither. */
static const char *nothing_set(void *self, const char *name)
{
    (void)self, (void)name;
    return NULL;
}

static const struct mlg_suite *load(struct mlg_session *session, const struct mlg_world *world,
                                    const char *path)
{
    struct mlg_diagnostics *list = &session->mistakes;
    struct mlg_error error = {0};
    size_t size;
    const char *bytes = mlg_world_read_file(world, path, MLG_YAML_SIZE, &session->arena, &size, &error);
    if (!bytes) {
        mlg_diagnose(list, MLG_ERROR, (struct mlg_place){0}, 0, NULL, "%s", error.text);
        return NULL;
    }
    const struct mlg_node *root = mlg_yaml_parse(path, bytes, size, &session->arena, list);
    return root ? mlg_suite_load(root, path, mlg_gates, world, NULL, 0, &session->arena, list) : NULL;
}

int mlg_command_loosened(struct mlg_session *session)
{
    struct mlg_world world = *session->world;
    struct mlg_loosened loosened;
    struct mlg_error error = {0};
    struct mlg_builder out;
    if (!mlg_two_files(session, "loosened OLD.yaml NEW.yaml"))
        return MLG_EXIT_ERROR;
    world.environment = nothing_set;
    const struct mlg_suite *before = load(session, &world, session->arguments[0]);
    const struct mlg_suite *after = load(session, &world, session->arguments[1]);
    if (session->mistakes.errors) {
        mlg_builder_init(&out, 0);
        mlg_put_diagnostics(&out, session->program, &session->mistakes);
        session->world->print(session->world->self, 2, out.data, out.size);
        mlg_builder_free(&out);
        return mlg_complain(session, "nothing was compared");
    }
    if (!before || !after || mlg_loosened_find(before, after, &session->arena, &loosened, &error))
        return mlg_complain(session, "%s", error.code ? error.text : "nothing was compared");
    mlg_builder_init(&out, 0);
    (session->own.json       ? mlg_loosened_put_json
     : session->own.markdown ? mlg_loosened_put_markdown
                             : mlg_loosened_put_text)(&loosened, &out);
    const int code = mlg_finish_output(session, &out);
    return code ? code : loosened.unexplained ? MLG_EXIT_FAIL : MLG_EXIT_PASS;
}
