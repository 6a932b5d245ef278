/* Which platform it is, and its reports among those that are asked for. */
#include "platform.h"

#include <string.h>

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
        session->report_options.directory = world->environment(world->self, "PWD");
    }
}

static bool is_taken(const struct mlg_targets *targets, const struct mlg_platform_report *report)
{
    for (size_t i = 0; i < targets->count; i++) {
        const struct mlg_target *target = &targets->items[i];
        if ((target->report && strcmp(target->report->name, report->kind) == 0) ||
            strcmp(target->path, report->path) == 0)
            return true;
    }
    return false;
}

void mlg_platform_add(struct mlg_session *session, struct mlg_targets *targets)
{
    const struct mlg_node node = {.origin = {.type = MLG_FROM_FLAG, .name = "--platform"}};
    const struct mlg_platform_report *report = session->platform->reports;
    for (; report && report->kind; report++)
        if (!is_taken(targets, report))
            mlg_targets_add(session, targets, report->kind, report->path, &node);
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
