/* Which platform it is, and its reports among those that are asked for. */
#include <string.h>

#include "mlgate/command.h"
#include "platform.h"

#define PLATFORM(name) extern const struct mlg_platform mlg_platform_##name;
#include "platforms.def"
#undef PLATFORM

const struct mlg_platform *const mlg_platforms[] = {
#define PLATFORM(name) &mlg_platform_##name,
#include "platforms.def"
#undef PLATFORM
    NULL};

const char *const mlg_platform_choices[] = {"auto",
#define PLATFORM(name) #name,
#include "platforms.def"
#undef PLATFORM
                                            NULL};

static bool is_here(const struct mlg_world *world, const struct mlg_platform *platform)
{
    const char *value = platform->sign ? world->environment(world->self, platform->sign) : "true";
    return value && strcmp(value, "true") == 0;
}

static bool is_set(const struct mlg_world *world, const char *name)
{
    const char *value = world->environment(world->self, name);
    return value && *value && strcmp(value, "false") != 0 && strcmp(value, "0") != 0;
}

bool mlg_platform_is_pipeline(const struct mlg_world *world)
{
    /* Beside the signs of the platforms: those of pipelines that are plain here. */
    static const char *const others[] = {"CI",
                                         "TF_BUILD",
                                         "JENKINS_URL",
                                         "BUILDKITE",
                                         "CODEBUILD_BUILD_ID",
                                         "TEAMCITY_VERSION",
                                         "BITBUCKET_BUILD_NUMBER",
                                         NULL};
    bool is_one = false;
    for (size_t i = 0; mlg_platforms[i]; i++)
        is_one = is_one || (mlg_platforms[i]->sign && is_set(world, mlg_platforms[i]->sign));
    for (size_t i = 0; others[i]; i++)
        is_one = is_one || is_set(world, others[i]);
    return is_one;
}

/* The working directory as it lies below `root`, whatever links led to either of them; else as it is. */
static const char *place_below(struct mlg_session *session, const char *root, const char *directory)
{
    const struct mlg_world *world = session->world;
    struct mlg_error ignored = {0};
    if (!root || root[0] != '/' || !directory || directory[0] != '/' || !world->runner)
        return directory;
    const char *top = world->runner->real_path(world->self, root, &session->arena, &ignored);
    const char *real = world->runner->real_path(world->self, directory, &session->arena, &ignored);
    const size_t size = top ? strlen(top) : 0;
    if (!real || size < 2 || strncmp(real, top, size) != 0 || (real[size] && real[size] != '/'))
        return directory;
    const char *placed = mlg_arena_format(&session->arena, "%s%s", root, real + size);
    return placed ? placed : directory;
}

void mlg_platform_choose(struct mlg_session *session)
{
    const struct mlg_world *world = session->world;
    size_t index = 0;
    if (session->own.platform > 0)
        index = (size_t)session->own.platform - 1;
    else
        while (mlg_platforms[index + 1] && !is_here(world, mlg_platforms[index]))
            index++;
    const struct mlg_platform *platform = mlg_platforms[index];
    session->platform = platform;
    if (platform->root) {
        session->report_options.root = world->environment(world->self, platform->root);
        session->report_options.directory =
            place_below(session, session->report_options.root, world->environment(world->self, "PWD"));
    }
}

static bool is_taken(const struct mlg_targets *targets, const char *kind, const char *path)
{
    for (size_t i = 0; i < targets->count; i++) {
        const struct mlg_target *target = &targets->items[i];
        if ((target->report && strcmp(target->report->name, kind) == 0) || strcmp(target->path, path) == 0)
            return true;
    }
    return false;
}

void mlg_platform_add(struct mlg_session *session, struct mlg_targets *targets)
{
    const struct mlg_node node = {.origin = {.type = MLG_FROM_FLAG, .name = "--platform"}};
    const struct mlg_platform_report *report = session->platform->reports;
    /* A job may run the suite and several gates: each has its own directory. */
    for (; report && report->kind; report++) {
        const char *path = session->gate ? mlg_arena_format(&session->arena, "mlgate-out/%s/%s",
                                                            session->gate->name, report->file)
                                         : mlg_arena_format(&session->arena, "mlgate-out/%s", report->file);
        if (!path)
            mlg_complain(session, "no memory for the %s report", report->kind);
        else if (!is_taken(targets, report->kind, path))
            mlg_targets_add(session, targets, report->kind, path, &node);
    }
}

void mlg_platform_begin(struct mlg_session *session, const struct mlg_targets *targets)
{
    if (session->platform->begin)
        session->platform->begin(session, targets);
}

int mlg_platform_end(struct mlg_session *session, const struct mlg_targets *targets,
                     const struct mlg_results *results, int code)
{
    const bool is_good = !session->platform->end || session->platform->end(session, targets, results);
    return is_good || code == MLG_EXIT_FAIL ? code : MLG_EXIT_ERROR;
}

const char *mlg_platform_path(const struct mlg_targets *targets, const char *kind)
{
    for (size_t i = 0; i < targets->count; i++) {
        const struct mlg_target *target = &targets->items[i];
        if (target->report && strcmp(target->report->name, kind) == 0 && !target->is_stream &&
            !target->keeps && !target->clashes && !target->problem)
            return target->path;
    }
    return NULL;
}
