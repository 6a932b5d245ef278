/* ending.c: how the command of a run ended, and where it did not end well, what it printed last. */
#include <stddef.h>
#include <string.h>

#include "mlgate/text.h"
#include "rerun_private.h"

/* Is it a frame of a traceback of Python, in a file that lies below `directory` or is called from there?
 *   File "train.py", line 12, in main */
static bool is_own_frame(const char *line, size_t size, const char *directory)
{
    static const char start[] = "  File \"", end[] = "\", line ";
    const size_t begins = sizeof start - 1;
    if (size <= begins || memcmp(line, start, begins) != 0 || line[begins] == '<' ||
        !memmem(line, size, end, sizeof end - 1))
        return false;
    const char *path = line + begins;
    const size_t length = strlen(directory);
    if (path[0] != '/')
        return true;
    return length > 0 && length + begins < size && memcmp(path, directory, length) == 0 &&
           path[length] == '/' && !memmem(line, size, "/site-packages/", 15);
}

/* The last such line before `end`, where those that are shown begin; NULL: none. */
static const char *own_frame(const struct mlg_command_text *text, const char *end, const char *directory,
                             struct mlg_arena *arena)
{
    while (end > text->bytes) {
        const char *first = end - (end[-1] == '\n'), *const stop = first;
        while (first > text->bytes && first[-1] != '\n')
            first--;
        if (is_own_frame(first, (size_t)(stop - first), directory))
            return mlg_command_text_of(first, (size_t)(stop - first), arena);
        end = first;
    }
    return NULL;
}

const char *mlg_rerun_last_lines(const struct mlg_rerun *rerun, struct mlg_rerun_run *run, const char *who)
{
    enum { BYTES = 4000, LINES = 20, SENTENCE = 300 };
    const struct mlg_command_text *text =
        run->outcome.error.size ? &run->outcome.error : &run->outcome.output;
    if (text->size == 0)
        return "";
    const char *lines[LINES], *end = text->bytes + text->size;
    const char *const earliest = text->size > BYTES ? end - BYTES : text->bytes;
    const char *const directory = rerun->is_fresh ? rerun->root : rerun->base;
    struct mlg_arena *arena = rerun->arena;
    size_t count = 0;
    bool has_own = false;
    while (end > earliest && count < LINES) {
        while (end > earliest && (end[-1] == '\n' || end[-1] == '\r'))
            end--;
        const char *first = end;
        while (first > earliest && first[-1] != '\n')
            first--;
        has_own = has_own || is_own_frame(first, (size_t)(end - first), directory);
        if (end > first && !(lines[count++] = mlg_command_text_of(first, (size_t)(end - first), arena)))
            return "";
        end = first;
    }
    if (count == 0)
        return "";
    /* Frames of libraries alone say nothing of whose call it was. */
    const char *own = has_own ? NULL : own_frame(text, end, directory, arena);
    const size_t shown = mlg_text_cut(lines[0], SENTENCE);
    const bool is_cut = lines[0][shown] != '\0';
    if (count > 1 || is_cut)
        run->printed = MLG_NEW_ARRAY(arena, const char *, count + 2);
    if (own && run->printed) {
        run->printed[run->printed_count++] = own;
        run->printed[run->printed_count++] = "  ...";
    }
    for (size_t i = 0; i < count && run->printed; i++)
        run->printed[run->printed_count++] = lines[count - 1 - i];
    const char *sentence =
        mlg_arena_format(arena, "; %s printed last: %.*s%s", who, (int)shown, lines[0], is_cut ? " ..." : "");
    run->has_told_last = sentence;
    return sentence ? sentence : "";
}

void mlg_rerun_tell_last_lines(const struct mlg_rerun *rerun, struct mlg_rerun_run *run,
                               struct mlg_error *error)
{
    const char *last = !error || run->has_told_last ? "" : mlg_rerun_last_lines(rerun, run, "the run");
    const struct mlg_error told = error && last[0] ? *error : (struct mlg_error){0};
    if (last[0])
        mlg_error_at(error, told.code, told.place, "%s%s", told.text, last);
}

int mlg_rerun_check_ending(const struct mlg_rerun *rerun, const struct mlg_command_order *command,
                           struct mlg_rerun_run *run, struct mlg_error *error)
{
    /* Who does not look whether writing succeeds writes files that are cut short, alike in all runs. */
    if (mlg_command_succeeded(&run->outcome) && run->outcome.free_bytes == 0)
        return mlg_error_set(error, MLG_WORLD,
                             "run %u left no space on the disk that it writes to: what it wrote may be cut "
                             "short; make room, or let TMPDIR name a directory on another disk",
                             run->number);
    if (mlg_command_succeeded(&run->outcome))
        return MLG_OK;
    const char *ending = mlg_command_ending(command, &run->outcome, rerun->arena);
    const char *hint = mlg_rerun_hint(rerun, command, &run->outcome);
    run->has_failed = true;
    if (run->outcome.end == MLG_COMMAND_DID_NOT_START && run->outcome.problem)
        return mlg_error_set(error, MLG_WORLD, "run %u: %s%s", run->number, run->outcome.problem, hint);
    return mlg_error_set(error, MLG_DATA, "run %u of '%s' %s%s%s", run->number, command->arguments[0],
                         ending ? ending : "failed", hint, mlg_rerun_last_lines(rerun, run, "it"));
}
