/* hook.c: the git hook that judges before a push, a commit or a merge. */
#include <string.h>

#include "mlgate/command.h"
#include "plugins.h"

/* ---- what git says ---------------------------------------------------------------------------------- */

/* All of this process's environment: HOME leads to settings of git. NULL: no memory. */
static const char **whole_environment(struct mlg_session *session)
{
    const struct mlg_world *world = session->world;
    size_t count = 0, size;
    while (world->variable && world->variable(world->self, count, &size))
        count++;
    const char **environment = MLG_NEW_ARRAY(&session->arena, const char *, count + 1);
    for (size_t i = 0; environment && i < count; i++) {
        const char *variable = world->variable(world->self, i, &size);
        const char *name = mlg_arena_copy(&session->arena, variable, size);
        const char *value = name ? world->environment(world->self, name) : NULL;
        environment[i] = name ? mlg_arena_format(&session->arena, "%s=%s", name, value ? value : "") : NULL;
        if (!environment[i])
            return NULL;
    }
    return environment;
}

/* Without the end of its last line. */
static char *last_line(struct mlg_session *session, const struct mlg_command_text *text)
{
    size_t size = text->size;
    while (size > 0 && text->bytes[size - 1] == '\n')
        size--;
    size_t start = size;
    while (start > 0 && text->bytes[start - 1] != '\n')
        start--;
    return mlg_arena_copy(&session->arena, text->bytes + start, size - start);
}

/* The line that `git rev-parse WHAT [NAME]` prints in the directory. NULL: told. */
static const char *ask_git(struct mlg_session *session, const char *directory, const char *what,
                           const char *name)
{
    const struct mlg_world *world = session->world;
    const char *const words[] = {"git", "rev-parse", what, name, NULL};
    const struct mlg_command_order order = {.arguments = words,
                                            .directory = directory,
                                            .environment = whole_environment(session),
                                            .limits = {.timeout = 60},
                                            .settings = {.umask = -1}};
    struct mlg_command_outcome outcome;
    struct mlg_error error;
    if (!order.environment) {
        mlg_complain(session, "no memory to ask git");
        return NULL;
    }
    if (world->runner->run(world->self, &order, &session->arena, &outcome, &error) != MLG_OK) {
        mlg_complain(session, "%s", error.text);
        return NULL;
    }
    const char *answer = last_line(session, &outcome.output), *why = last_line(session, &outcome.error);
    if (mlg_command_succeeded(&outcome) && answer && *answer)
        return answer;
    mlg_complain(session, "no hook is written, since git does not tell where hooks lie: %s",
                 outcome.problem ? outcome.problem
                 : why && *why   ? why
                                 : "it says nothing");
    return NULL;
}

static const char *within(struct mlg_session *session, const char *directory, const char *path)
{
    return path[0] == '/' ? path : mlg_arena_format(&session->arena, "%s/%s", directory, path);
}

static bool lies_in(const char *path, const char *directory)
{
    const size_t size = strlen(directory);
    return strncmp(path, directory, size) == 0 && (path[size] == '/' || path[size] == '\0') &&
           !strstr(path + size, "/../");
}

/* ---- the hook ----------------------------------------------------------------------------------------- */

struct hook {
    const char *type;
    const char *here;    /* where mlgate was started */
    const char *top;     /* of the working tree, where git starts hooks */
    const char *path;    /* absolute */
    const char *shown;   /* as the user sees it */
    const char *command; /* "mlgate run --config models/mlgate.yaml" */
};

/* False: told. */
static bool find_top(struct mlg_session *session, struct hook *hook)
{
    const struct mlg_world *world = session->world;
    struct mlg_error error;
    hook->here = world->runner->real_path(world->self, ".", &session->arena, &error);
    if (!hook->here)
        mlg_complain(session, "%s", error.text);
    hook->top = hook->here ? ask_git(session, hook->here, "--show-toplevel", NULL) : NULL;
    return hook->top != NULL;
}

/* From the top of the working tree. False: told. */
static bool find_command(struct mlg_session *session, struct hook *hook)
{
    const struct mlg_world *world = session->world;
    struct mlg_error error;
    struct mlg_builder out;
    const char *real = world->runner->real_path(world->self, session->own.config, &session->arena, &error);
    if (!real) {
        mlg_complain(session, "%s; 'mlgate init' writes one", error.text);
        return false;
    }
    if (!lies_in(real, hook->top)) {
        mlg_complain(session, "'%s' lies outside of the repository '%s', whose hook would judge it",
                     session->own.config, hook->top);
        return false;
    }
    const char *relative = real + strlen(hook->top) + 1;
    mlg_builder_init(&out, 0);
    mlg_put(&out, "mlgate run");
    if (strcmp(relative, "mlgate.yaml") != 0) {
        mlg_put(&out, " --config ");
        mlg_put_shell(&out, relative);
    }
    hook->command = out.failed ? NULL : mlg_arena_copy(&session->arena, out.data, out.size);
    mlg_builder_free(&out);
    if (!hook->command)
        mlg_complain(session, "no memory for the hook");
    return hook->command != NULL;
}

/* False: told. */
static bool find_place(struct mlg_session *session, struct hook *hook)
{
    const struct mlg_world *world = session->world;
    struct mlg_error error;
    const char *own = ask_git(session, hook->top, "--git-common-dir", NULL);
    const char *hooks = own ? ask_git(session, hook->top, "--git-path", "hooks") : NULL;
    if (!hooks)
        return false;
    const char *absolute = within(session, hook->top, hooks);
    const char *real = world->runner->real_path(world->self, absolute, &session->arena, &error);
    absolute = real ? real : absolute;
    own = within(session, hook->top, own);
    const char *real_own = own ? world->runner->real_path(world->self, own, &session->arena, &error) : NULL;
    hook->path = absolute ? mlg_arena_format(&session->arena, "%s/%s", absolute, hook->type) : NULL;
    hook->shown =
        hook->path && lies_in(hook->path, hook->here) ? hook->path + strlen(hook->here) + 1 : hook->path;
    if (!hook->path || !own) {
        mlg_complain(session, "no memory for the hook");
        return false;
    }
    if (!lies_in(absolute, hook->top) && !lies_in(absolute, real_own ? real_own : own)) {
        mlg_complain(session,
                     "git looks for hooks in '%s' (core.hooksPath), outside of this repository, where they "
                     "may serve others too; add this line to the hook '%s' there by hand: %s || exit 1",
                     absolute, hook->type, hook->command);
        return false;
    }
    return true;
}

static const char *write_script(struct mlg_session *session, const struct hook *hook)
{
    return mlg_arena_format(
        &session->arena,
        "#!/bin/sh\n"
        "# Judges the model; an exit code other than 0 stops git. Written by 'mlgate init --hook'.\n"
        "# MLGATE_SKIP=1 in front of the command leaves it out, as git's own --no-verify does.\n"
        "if [ \"${MLGATE_SKIP:-}\" = 1 ]; then exit 0; fi\n"
        "if ! command -v mlgate >/dev/null; then\n"
        "    echo \"mlgate: it is not on PATH, so nothing was judged\" >&2\n"
        "    exit 1\n"
        "fi\n"
        "exec %s\n",
        hook->command);
}

/* Is it the very same that lies there? */
static bool is_there_already(struct mlg_session *session, const char *path, const char *script)
{
    enum { MOST = 64 * 1024 };
    struct mlg_error error;
    size_t size;
    const char *bytes = mlg_world_read_file(session->world, path, MOST, &session->arena, &size, &error);
    return bytes && size == strlen(script) && memcmp(bytes, script, size) == 0;
}

static int tell(struct mlg_session *session, const struct hook *hook, const char *what)
{
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    mlg_put_plain(&out, hook->shown);
    mlg_put_format(&out, ": %s; MLGATE_SKIP=1 leaves out what it runs before every %s: ", what,
                   strcmp(hook->type, "pre-push") == 0     ? "push"
                   : strcmp(hook->type, "pre-commit") == 0 ? "commit"
                                                           : "merge");
    mlg_put_plain(&out, hook->command);
    mlg_put(&out, "\n");
    return mlg_finish_output(session, &out);
}

const char *const mlg_hook_types[] = {"pre-push", "pre-commit", "pre-merge-commit", NULL};
enum { TYPES = sizeof mlg_hook_types / sizeof *mlg_hook_types - 1 };

static int refuse_type(struct mlg_session *session, const char *type)
{
    const char *near = mlg_nearest(type, mlg_hook_types, TYPES);
    if (near)
        return mlg_complain(session, "--type is '%s'; did you mean '%s'?", type, near);
    return mlg_complain(session, "--type is '%s'; it may be %s, %s or %s", type, mlg_hook_types[0],
                        mlg_hook_types[1], mlg_hook_types[2]);
}

int mlg_init_hook(struct mlg_session *session)
{
    const struct mlg_world *world = session->world;
    struct hook hook = {.type = session->own.type};
    struct mlg_error error;
    bool exists, is_stream;
    if (!mlg_text_is_listed(hook.type, mlg_hook_types))
        return refuse_type(session, hook.type);
    if (!world->runner)
        return mlg_complain(session, "git cannot be asked here where hooks lie");
    if (strcmp(session->own.config, "-") == 0)
        return mlg_complain(session, "a hook has nothing to read from standard input; --config PATH names "
                                     "what it judges");
    if (!find_top(session, &hook) || !find_command(session, &hook) || !find_place(session, &hook))
        return MLG_EXIT_ERROR;
    const char *script = write_script(session, &hook);
    if (!script)
        return mlg_complain(session, "no memory for the hook");
    if (world->prepare(world->self, hook.path, &is_stream, &error) != MLG_OK)
        return mlg_complain(session, "%s", error.text);
    const int code = world->create(world->self, hook.path, script, strlen(script), &exists, &error);
    if (exists && is_there_already(session, hook.path, script))
        return tell(session, &hook, "is there already");
    if (exists)
        return mlg_complain(session,
                            "the hook '%s' is there already and stays as it is; to judge in it too, add this "
                            "line: %s || exit 1",
                            hook.shown, hook.command);
    if (code != MLG_OK || world->runner->allow_execution(world->self, hook.path, &error) != MLG_OK)
        return mlg_complain(session, "%s", error.text);
    return tell(session, &hook, "written");
}
