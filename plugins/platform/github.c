/* github: annotations, the summary of the step and its outputs.
 *
 * What a person reads is printed between ::stop-commands:: and the random word that ends it, so that no text
 * of data is a command, however it came there. Outputs end at a random line that no value holds.
 */
#include "platform.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

extern const struct mlg_platform mlg_platform_github;

enum { SUMMARY_SIZE = 1024 * 1024, TOKEN_BYTES = 16 };

static const struct mlg_platform_report reports[] = {
    {"json", "results.json"}, {"junit", "junit.xml"}, {"markdown", "summary.md"}, {0}};

/* A word that nobody can know before. "": none could be made. */
static const char *make_token(struct mlg_session *session, const char *start)
{
    const struct mlg_world *world = session->world;
    unsigned char bytes[TOKEN_BYTES];
    char text[2 * TOKEN_BYTES + 1];
    if (!world->random || world->random(world->self, bytes, sizeof bytes) != 0)
        return "";
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(text + 2 * i, 3, "%02x", bytes[i]);
    const char *token = mlg_arena_format(&session->arena, "%s%s", start, text);
    return token ? token : "";
}

static bool print(const struct mlg_session *session, const struct mlg_builder *out)
{
    const struct mlg_world *world = session->world;
    return !out->failed && world->print(world->self, session->commands_to, out->data, out->size) == 0;
}

/* Do reports that were asked for go to standard output? Commands then go to standard error, where the runner
 * reads them as well. */
static bool is_output_taken(const struct mlg_targets *targets)
{
    for (size_t i = 0; i < targets->count; i++)
        if (targets->items[i].is_stream &&
            strcmp(targets->items[i].report ? targets->items[i].report->name : "", "console") != 0)
            return true;
    return false;
}

static const char *path_of_annotations(const struct mlg_targets *targets)
{
    for (size_t i = 0; i < targets->count; i++)
        if (targets->items[i].report && strcmp(targets->items[i].report->name, "github") == 0)
            return targets->items[i].path;
    return NULL;
}

static void begin(struct mlg_session *session, const struct mlg_targets *targets)
{
    session->commands_to = is_output_taken(targets) ? 2 : 1;
    if (path_of_annotations(targets))
        return; /* where they are asked for by name they may go through here */
    session->token = make_token(session, "mlgate-");
    if (!*session->token)
        return;
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    mlg_put_format(&out, "::stop-commands::%s\n", session->token);
    if (!print(session, &out))
        session->token = "";
    mlg_builder_free(&out);
}

static bool annotate(struct mlg_session *session, const struct mlg_targets *targets,
                     const struct mlg_results *results)
{
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    if (session->token && *session->token)
        mlg_put_format(&out, "::%s::\n", session->token);
    if (!path_of_annotations(targets))
        mlg_report_find("github")->write(results, &session->report_options, &out);
    const bool is_good = (out.size == 0 && !out.failed) || print(session, &out);
    mlg_builder_free(&out);
    if (!is_good)
        mlg_complain(session, "the annotations could not be written");
    return is_good;
}

static bool append(const struct mlg_session *session, const char *path, const struct mlg_builder *out,
                   const char *what)
{
    const struct mlg_world *world = session->world;
    struct mlg_error error = {0};
    if (out->failed)
        mlg_complain(session, "no memory for the %s", what);
    else if (world->append(world->self, path, out->data, out->size, &error) != MLG_OK)
        mlg_complain(session, "%s", error.text);
    else
        return true;
    return false;
}

/* What other runs in this step have left in the file; GitHub drops all of it beyond its limit. */
static size_t size_of(const struct mlg_world *world, const char *path)
{
    struct mlg_file file;
    struct mlg_error error;
    if (world->open(world->self, path, &file, &error) != MLG_OK)
        return 0;
    const int64_t size = file.size;
    world->close(world->self, &file);
    return size > 0 ? (size_t)size : 0;
}

static bool summarise(struct mlg_session *session, const struct mlg_results *results)
{
    enum { ROOM_LEAST = 4096 };
    const struct mlg_world *world = session->world;
    const char *path = world->environment(world->self, "GITHUB_STEP_SUMMARY");
    struct mlg_report_options options = session->report_options;
    if (!path || !*path)
        return true;
    const size_t used = size_of(world, path);
    if (used + ROOM_LEAST > SUMMARY_SIZE) {
        mlg_complain(session, "the summary of the step is full: this run is not in it");
        return true;
    }
    options.room = SUMMARY_SIZE - used - ROOM_LEAST / 2;
    options.room = options.room < MLG_MARKDOWN_ROOM ? options.room : MLG_MARKDOWN_ROOM;
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    mlg_put(&out, used ? "\n" : "");
    mlg_report_find("markdown")->write(results, &options, &out);
    const bool is_good = append(session, path, &out, "summary of the step");
    mlg_builder_free(&out);
    return is_good;
}

/* A path that a later step finds whatever its working directory is. */
static void put_path(struct mlg_session *session, struct mlg_builder *out, const char *path)
{
    const char *directory = session->report_options.directory;
    if (path && path[0] != '/' && directory && directory[0] == '/') {
        mlg_put(out, directory);
        mlg_put(out, directory[strlen(directory) - 1] == '/' ? "" : "/");
    }
    mlg_put(out, path ? path : "");
}

static bool put_output(struct mlg_builder *out, const char *name, struct mlg_builder *value,
                       const char *token)
{
    const char *text = value->size ? value->data : "";
    if (value->failed || strstr(text, token))
        return false;
    mlg_put_format(out, "%s<<%s\n", name, token);
    mlg_put(out, text);
    mlg_put_format(out, "\n%s\n", token);
    value->size = 0;
    return true;
}

static bool give_outputs(struct mlg_session *session, const struct mlg_targets *targets,
                         const struct mlg_results *results)
{
    static const char *const kinds[][2] = {
        {"report-json", "json"}, {"report-junit", "junit"}, {"summary", "markdown"}};
    static const struct {
        const char *name;
        enum mlg_verdict verdict;
    } counts[] = {{"passed", MLG_PASS}, {"failed", MLG_FAIL}, {"inconclusive", MLG_INCONCLUSIVE}};
    const struct mlg_world *world = session->world;
    const char *path = world->environment(world->self, "GITHUB_OUTPUT");
    if (!path || !*path)
        return true;
    const char *token = make_token(session, "ghadelimiter_");
    if (!*token) {
        mlg_complain(session, "the outputs of the step cannot be written: there are no random numbers");
        return false;
    }
    struct mlg_builder out, value;
    mlg_builder_init(&out, 0);
    mlg_builder_init(&value, 0);
    mlg_put(&value, mlg_verdicts[results->verdict].word);
    bool is_good = put_output(&out, "verdict", &value, token);
    mlg_put_format(&value, "%d", results->exit_code);
    is_good = is_good && put_output(&out, "exit-code", &value, token);
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        mlg_put_format(&value, "%" PRIu64, results->counts[counts[i].verdict]);
        is_good = is_good && put_output(&out, counts[i].name, &value, token);
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *file = mlg_platform_path(targets, kinds[i][1]);
        if (file)
            put_path(session, &value, file);
        is_good = is_good && put_output(&out, kinds[i][0], &value, token);
    }
    out.failed = out.failed || !is_good;
    is_good = append(session, path, &out, "outputs of the step");
    mlg_builder_free(&out);
    mlg_builder_free(&value);
    return is_good;
}

static bool end(struct mlg_session *session, const struct mlg_targets *targets,
                const struct mlg_results *results)
{
    bool is_good = annotate(session, targets, results);
    is_good = summarise(session, results) && is_good;
    return give_outputs(session, targets, results) && is_good;
}

const struct mlg_platform mlg_platform_github = {.name = "github",
                                                 .sign = "GITHUB_ACTIONS",
                                                 .root = "GITHUB_WORKSPACE",
                                                 .reports = reports,
                                                 .begin = begin,
                                                 .end = end};
