/* ending.c: how the command of a run ended, and where it did not end well, what it printed last and what it
 * seems not to have found.
 */
#include <stddef.h>
#include <string.h>

#include "mlgate/text.h"
#include "rerun_private.h"

const char *mlg_rerun_last_lines(struct mlg_rerun_run *run, struct mlg_arena *arena)
{
    enum { BYTES = 4000, LINES = 20, SENTENCE = 300 };
    const struct mlg_command_text *text =
        run->outcome.error.size ? &run->outcome.error : &run->outcome.output;
    if (text->size == 0)
        return "";
    const char *lines[LINES], *end = text->bytes + text->size;
    const char *const earliest = text->size > BYTES ? end - BYTES : text->bytes;
    size_t count = 0;
    while (end > earliest && count < LINES) {
        while (end > earliest && (end[-1] == '\n' || end[-1] == '\r'))
            end--;
        const char *first = end;
        while (first > earliest && first[-1] != '\n')
            first--;
        if (end > first && !(lines[count++] = mlg_command_text_of(first, (size_t)(end - first), arena)))
            return "";
        end = first;
    }
    if (count == 0)
        return "";
    const size_t shown = mlg_text_cut(lines[0], SENTENCE);
    const bool is_cut = lines[0][shown] != '\0';
    if (count > 1 || is_cut)
        run->printed = MLG_NEW_ARRAY(arena, const char *, count);
    for (size_t i = 0; i < count && run->printed; i++)
        run->printed[run->printed_count++] = lines[count - 1 - i];
    const char *sentence =
        mlg_arena_format(arena, "; it printed last: %.*s%s", (int)shown, lines[0], is_cut ? " ..." : "");
    return sentence ? sentence : "";
}

/* Does the word name what lies beside mlgate.yaml and not in the fresh directory of the run? */
static bool is_left_out(const struct mlg_rerun *rerun, const char *directory, const char *word)
{
    static const char output[] = "output";
    const char *own =
        rerun->apart ? mlg_arena_format(rerun->arena, "%s/%s", rerun->apart, mlg_rerun_last_part(directory))
                     : directory;
    const char *here = mlg_arena_format(rerun->arena, "%s/%s", rerun->base, word);
    const char *there = own ? mlg_arena_format(rerun->arena, "%s/%s", own, word) : NULL;
    struct mlg_entry found = {0}, copy = {0};
    struct mlg_error ignored = {0};
    if (!here || !there || word[0] == '/' || mlg_input_is_all(word) || strncmp(word, "..", 2) == 0 ||
        (strncmp(word, output, sizeof output - 1) == 0 &&
         (word[sizeof output - 1] == '/' || !word[sizeof output - 1])))
        return false;
    return rerun->runner->look(rerun->world->self, here, &found, &ignored) == MLG_OK &&
           found.kind != MLG_ENTRY_MISSING &&
           rerun->runner->look(rerun->world->self, there, &copy, &ignored) == MLG_OK &&
           copy.kind == MLG_ENTRY_MISSING;
}

/* The first word of the text that does; NULL: none. */
static const char *find_left_out(const struct mlg_rerun *rerun, const char *directory, const char *text)
{
    static const char between[] = " \t\r\n'\"`;|&<>()[]{}=,:";
    const size_t size = strlen(directory);
    for (const char *word = text + strspn(text, between); *word; word += strspn(word, between)) {
        const size_t length = strcspn(word, between);
        const char *copy = mlg_arena_copy(rerun->arena, word, length);
        if (copy && strncmp(copy, directory, size) == 0 && copy[size] == '/')
            copy += size + 1;
        if (copy && is_left_out(rerun, directory, copy))
            return copy;
        word += length;
    }
    return NULL;
}

/* "; 'train.py' lies beside mlgate.yaml and is not in 'inputs' ..."; "": nothing is known to be missing. */
static const char *hint_of_left_out(const struct mlg_rerun *rerun, const struct mlg_command_order *command,
                                    const struct mlg_rerun_run *run)
{
    static const char *const missing[] = {"o such file", "ot found", "annot open", "an't open"};
    const struct mlg_command_outcome *outcome = &run->outcome;
    const char *const printed[] = {
        mlg_command_text_of(outcome->error.bytes, outcome->error.size, rerun->arena),
        mlg_command_text_of(outcome->output.bytes, outcome->output.size, rerun->arena)};
    const char *found = NULL;
    for (size_t i = 0; rerun->is_fresh && command->arguments[i] && !found; i++)
        found = find_left_out(rerun, command->directory, command->arguments[i]);
    for (size_t i = 0; rerun->is_fresh && i < sizeof printed / sizeof *printed; i++)
        for (size_t k = 0; printed[i] && k < sizeof missing / sizeof *missing && !found; k++)
            if (strstr(printed[i], missing[k]))
                found = find_left_out(rerun, command->directory, printed[i]);
    for (size_t i = 0; !found && command->own_shared_memory && i < sizeof printed / sizeof *printed; i++)
        if (printed[i] && strstr(printed[i], "/dev/shm"))
            return "; '/dev/shm' is empty in each run: what lies there has to be named in 'inputs', by its "
                   "absolute path";
    const char *hint = found ? mlg_arena_format(rerun->arena,
                                                "; '%s' lies beside mlgate.yaml and is not in 'inputs': list "
                                                "it there, or give its absolute path",
                                                found)
                             : "";
    return hint ? hint : "";
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
    const char *hint = hint_of_left_out(rerun, command, run);
    run->has_failed = true;
    if (run->outcome.end == MLG_COMMAND_DID_NOT_START && run->outcome.problem)
        return mlg_error_set(error, MLG_WORLD, "run %u: %s%s", run->number, run->outcome.problem, hint);
    return mlg_error_set(error, MLG_DATA, "run %u of '%s' %s%s%s", run->number, command->arguments[0],
                         ending ? ending : "failed", hint, mlg_rerun_last_lines(run, rerun->arena));
}
