/* selftest.c: every gate judges controls whose answer is known: what has a flaw must go red, what has none
 * must not. Where one does not, nothing that the gate says can be trusted, and that is an error. */
#include <stdio.h>
#include <string.h>

#include "mlgate/command.h"
#include "mlgate/verdict.h"
#include "plugins.h"

/* A world with one file, "control.csv", or two, that lie in memory, and what commands write there. */
enum { MOST_FILES = 64 };
struct control_world {
    struct control_file {
        const char *path;
        struct mlg_builder text;
    } files[MOST_FILES];
    size_t count;
    struct mlg_arena *arena;
};

static int open_control(void *self, const char *path, struct mlg_file *file, struct mlg_error *error)
{
    struct control_world *control = self;
    for (size_t i = 0; i < control->count; i++)
        if (strcmp(path, control->files[i].path) == 0) {
            *file =
                (struct mlg_file){.handle = &control->files[i], .size = (int64_t)control->files[i].text.size};
            return MLG_OK;
        }
    return mlg_error_set(error, MLG_WORLD, "a control reads '%s' and '%s' alone, not '%s'", MLG_CONTROL_PATH,
                         MLG_CONTROL_OTHER_PATH, path);
}

static int64_t read_control(void *self, struct mlg_file *file, int64_t offset, void *buffer, size_t size,
                            struct mlg_error *error)
{
    const struct control_file *control = file->handle;
    (void)self, (void)error;
    if (offset < 0 || (uint64_t)offset >= control->text.size)
        return 0;
    const size_t left = control->text.size - (size_t)offset, count = size < left ? size : left;
    memcpy(buffer, control->text.data + offset, count);
    return (int64_t)count;
}

static int stat_control(void *self, struct mlg_file *file, int64_t *size, int64_t *modified)
{
    (void)self;
    *size = file->size;
    *modified = file->modified;
    return MLG_OK;
}

static void close_control(void *self, struct mlg_file *file)
{
    (void)self, (void)file;
}

static int64_t no_time(void *self)
{
    (void)self;
    return 0;
}

static double no_seconds(void *self)
{
    (void)self;
    return 0;
}

/* ---- commands that run in memory --------------------------------------------------------------------- */

/* Is the path that of the directory or below it? */
static bool is_below(const char *path, const char *directory)
{
    const size_t size = strlen(directory);
    return strncmp(path, directory, size) == 0 && (path[size] == '/' || !path[size]);
}

static const char *control_directory(void *self, const char *root, const char *name, struct mlg_arena *arena,
                                     struct mlg_error *error)
{
    (void)self, (void)error;
    return mlg_arena_format(arena, "%s/%s", root ? root : "", name ? name : "runs");
}

static const char *control_real_path(void *self, const char *path, struct mlg_arena *arena,
                                     struct mlg_error *error)
{
    (void)self, (void)error;
    return mlg_arena_format(arena, "%s", path);
}

/* A directory is what has files in it. */
static int control_look(void *self, const char *path, struct mlg_entry *entry, struct mlg_error *error)
{
    const struct control_world *control = self;
    (void)error;
    *entry = (struct mlg_entry){.path = path, .kind = MLG_ENTRY_MISSING};
    for (size_t i = 0; i < control->count; i++)
        if (strcmp(control->files[i].path, path) == 0)
            *entry = (struct mlg_entry){
                .path = path, .kind = MLG_ENTRY_FILE, .size = (int64_t)control->files[i].text.size};
        else if (is_below(control->files[i].path, path))
            entry->kind = MLG_ENTRY_DIRECTORY;
    return MLG_OK;
}

static int control_move(void *self, const char *from, const char *to, struct mlg_error *error)
{
    struct control_world *control = self;
    for (size_t i = 0; i < control->count; i++) {
        if (!is_below(control->files[i].path, from))
            continue;
        control->files[i].path =
            mlg_arena_format(control->arena, "%s%s", to, control->files[i].path + strlen(from));
        if (!control->files[i].path) {
            control->files[i].path = "";
            return mlg_error_set(error, MLG_LIMIT, "no memory for a control");
        }
    }
    return MLG_OK;
}

static int control_remove(void *self, const char *path, struct mlg_error *error)
{
    struct control_world *control = self;
    (void)error;
    for (size_t i = 0; i < control->count; i++)
        if (is_below(control->files[i].path, path))
            control->files[i].path = "";
    return MLG_OK;
}

static int control_means(void *self, const char *root, struct mlg_arena *arena,
                         struct mlg_command_means *means, struct mlg_error *error)
{
    (void)self, (void)root, (void)arena, (void)error;
    *means = (struct mlg_command_means){.processors = 1, .machine = ""};
    return MLG_OK;
}

/* The one command: [write, PATH, TEXT], where "$NAME" as text is the value of that variable. */
static int control_run(void *self, const struct mlg_command_order *order, struct mlg_arena *arena,
                       struct mlg_command_outcome *outcome, struct mlg_error *error)
{
    struct control_world *control = self;
    const char *const *arguments = order->arguments;
    (void)arena;
    *outcome = (struct mlg_command_outcome){.end = MLG_COMMAND_EXITED, .free_bytes = -1};
    if (strcmp(arguments[0], "write") != 0 || !arguments[1] || !arguments[2]) {
        outcome->end = MLG_COMMAND_DID_NOT_START;
        outcome->problem = "a control has no such program";
        return MLG_OK;
    }
    if (control->count == MOST_FILES)
        return mlg_error_set(error, MLG_LIMIT, "a control writes more than %d files", MOST_FILES);
    const char *text = arguments[2];
    if (text[0] == '$')
        text = mlg_command_variable(order->environment, text + 1);
    struct control_file *file = &control->files[control->count++];
    mlg_builder_init(&file->text, 0);
    mlg_put(&file->text, text ? text : "not set");
    file->path = mlg_arena_format(control->arena, "%s", arguments[1]);
    if (file->path && !file->text.failed)
        return MLG_OK;
    file->path = "";
    return mlg_error_set(error, MLG_LIMIT, "no memory for a control");
}

static const struct mlg_runner control_runner = {.make_directory = control_directory,
                                                 .real_path = control_real_path,
                                                 .look = control_look,
                                                 .move = control_move,
                                                 .remove_directory = control_remove,
                                                 .find_means = control_means,
                                                 .run = control_run};

/* ---- one control ------------------------------------------------------------------------------------ */

static const char *first_mistake(const struct mlg_diagnostics *mistakes)
{
    return mistakes->count ? mistakes->items[0].text : "its config could not be read";
}

/* NULL: the gate gave the answer that is known; else what it did instead. */
static const char *judge_control(const struct mlg_control *control, struct control_world *memory,
                                 struct mlg_arena *arena)
{
    const struct mlg_world world = {.self = memory,
                                    .open = open_control,
                                    .read = read_control,
                                    .stat = stat_control,
                                    .close = close_control,
                                    .unix_time = no_time,
                                    .seconds = no_seconds,
                                    .runner = &control_runner};
    struct mlg_diagnostics mistakes;
    struct mlg_results results = {0};
    struct mlg_error error = {0};
    mlg_diagnostics_init(&mistakes, arena);
    const struct mlg_node *root =
        mlg_yaml_parse("control", control->config, strlen(control->config), arena, &mistakes);
    const struct mlg_suite *suite =
        root ? mlg_suite_load(root, "control", mlg_gates, NULL, NULL, 0, arena, &mistakes) : NULL;
    if (!suite)
        return mlg_arena_format(arena, "the control itself is wrong: %s", first_mistake(&mistakes));
    if (mlg_suite_run(suite, &world, NULL, 0, 1, arena, &results, &error) != MLG_OK)
        return mlg_arena_format(arena, "%s", error.text);
    if (strcmp(mlg_verdicts[results.verdict].word, control->verdict) != 0)
        return mlg_arena_format(arena, "the verdict is %s", mlg_verdicts[results.verdict].word);
    return control->proves ? control->proves(&results.gates[0]) : NULL;
}

static bool run_control(const struct mlg_gate *gate, const struct mlg_control *control,
                        struct mlg_builder *out)
{
    struct mlg_arena arena;
    struct control_world memory = {
        {{.path = MLG_CONTROL_PATH}, {.path = MLG_CONTROL_OTHER_PATH}}, .count = 2, .arena = &arena};
    struct mlg_builder *data = &memory.files[0].text, *other = &memory.files[1].text;
    mlg_arena_init(&arena, 0);
    mlg_builder_init(data, 0);
    mlg_builder_init(other, 0);
    control->data(data);
    if (control->other)
        control->other(other);
    const char *wrong =
        data->failed || other->failed ? "no memory for its data" : judge_control(control, &memory, &arena);
    if (wrong)
        mlg_put_format(out, "WRONG  %s: %s: it must be %s, but %s\n", gate->name, control->about,
                       control->verdict, wrong);
    else
        mlg_put_format(out, "right  %s: %s: %s\n", gate->name, control->about, control->verdict);
    for (size_t i = 0; i < memory.count; i++)
        mlg_builder_free(&memory.files[i].text);
    mlg_arena_free(&arena);
    return !wrong;
}

void mlg_selftest_gate(const struct mlg_gate *gate, struct mlg_builder *out, size_t *right, size_t *wrong)
{
    const struct mlg_control *control = gate->controls;
    if (!control) {
        mlg_put_format(out, "WRONG  %s: it has no control\n", gate->name);
        ++*wrong;
    }
    for (; control && control->about; control++)
        ++*(run_control(gate, control, out) ? right : wrong);
}

/* ---- the command ------------------------------------------------------------------------------------ */

static bool is_asked_for(const struct mlg_session *session, const struct mlg_gate *gate)
{
    for (size_t i = 0; i < session->argument_count; i++)
        if (strcmp(session->arguments[i], gate->name) == 0)
            return true;
    return session->argument_count == 0;
}

static int refuse_unknown(struct mlg_session *session)
{
    for (size_t i = 0; i < session->argument_count; i++) {
        const char *names[64] = {0};
        size_t count = 0;
        bool known = false;
        for (; mlg_gates[count] && count < 64; count++) {
            names[count] = mlg_gates[count]->name;
            known = known || strcmp(names[count], session->arguments[i]) == 0;
        }
        const char *near = mlg_nearest(session->arguments[i], names, count);
        if (!known)
            return mlg_complain(session, "no gate is named '%s'%s%s%s", session->arguments[i],
                                near ? "; did you mean '" : "; 'mlgate list' shows them", near ? near : "",
                                near ? "'?" : "");
    }
    return MLG_EXIT_PASS;
}

int mlg_command_selftest(struct mlg_session *session)
{
    struct mlg_builder out;
    size_t right = 0, wrong = 0;
    if (refuse_unknown(session) != MLG_EXIT_PASS)
        return MLG_EXIT_ERROR;
    mlg_builder_init(&out, 0);
    for (size_t g = 0; mlg_gates[g]; g++) {
        if (is_asked_for(session, mlg_gates[g]))
            mlg_selftest_gate(mlg_gates[g], &out, &right, &wrong);
    }
    mlg_put_format(&out, "%zu controls right, %zu wrong\n", right, wrong);
    const int code = mlg_finish_output(session, &out);
    if (wrong)
        return mlg_complain(session,
                            "%zu control%s judged wrongly: no verdict of this program can be trusted", wrong,
                            wrong == 1 ? " was" : "s were");
    return code;
}
