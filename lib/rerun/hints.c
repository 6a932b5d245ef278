/* hints.c: what a run that failed seems not to have found, by its command and by what it printed: a file that
 * is no input, a variable that it does not inherit, what lies in a home that is not its own.
 */
#include <stddef.h>
#include <string.h>

#include "mlgate/text.h"
#include "rerun_private.h"

/* A run that failed; `own` is its directory as it is found from here. */
struct failed {
    const struct mlg_rerun *rerun;
    const struct mlg_command_order *command;
    const char *own;
    const char *printed[2];
};

typedef bool (*test_of_word)(const struct failed *failed, const char *word);

static bool has_any(const char *text, const char *const *words)
{
    while (*words && !strstr(text, *words))
        words++;
    return *words != NULL;
}

static bool tells_of_missing(const char *text)
{
    static const char *const words[] = {"o such file", "ot found", "annot open", "an't open", NULL};
    return has_any(text, words);
}

/* The next line, or what is left of one; NULL: there is none. */
static const char *next_line(const char **text, struct mlg_arena *arena)
{
    const size_t size = strcspn(*text, "\n");
    const char *line = **text ? mlg_arena_copy(arena, *text, size) : NULL;
    *text += size + ((*text)[size] == '\n');
    return line;
}

static enum mlg_entry_kind kind_at(const struct failed *failed, const char *directory, const char *path)
{
    struct mlg_entry entry = {0};
    struct mlg_error ignored = {0};
    const struct mlg_rerun *rerun = failed->rerun;
    const char *whole = mlg_arena_format(rerun->arena, "%s/%s", directory, path);
    return whole && rerun->runner->look(rerun->world->self, whole, &entry, &ignored) == MLG_OK
               ? entry.kind
               : MLG_ENTRY_MISSING;
}

/* Is it there seen from mlgate.yaml, and not in the fresh directory of the run? */
static bool is_here_alone(const struct failed *failed, const char *path)
{
    return kind_at(failed, failed->rerun->base, path) != MLG_ENTRY_MISSING &&
           kind_at(failed, failed->own, path) == MLG_ENTRY_MISSING;
}

static bool leaves(const char *path)
{
    return strncmp(path, "..", 2) == 0;
}

/* "make train && cp -r models/. {output}": what the run was to make before. */
static bool is_to_be_made(const struct failed *failed, const char *word)
{
    static const char ends[] = "&;|\n";
    const char *shell = failed->rerun->order->shell;
    const char *found = shell ? strstr(shell, word) : NULL, *start = found;
    if (!found)
        return false;
    while (start > shell && !strchr(ends, start[-1]))
        start--;
    start += strspn(start, " ");
    const char *copy = mlg_arena_copy(failed->rerun->arena, found, strcspn(found, ends));
    return copy && (strncmp(start, "cp ", 3) == 0 || strncmp(start, "mv ", 3) == 0) &&
           strstr(copy, "{output}");
}

static bool is_left_out(const struct failed *failed, const char *word)
{
    static const char output[] = "output";
    const bool is_output = strncmp(word, output, sizeof output - 1) == 0 &&
                           (word[sizeof output - 1] == '/' || !word[sizeof output - 1]);
    return word[0] != '/' && !mlg_input_is_all(word) && !leaves(word) && !is_output &&
           is_here_alone(failed, word) && !is_to_be_made(failed, word);
}

static bool is_outside(const struct failed *failed, const char *word)
{
    return leaves(word) && is_here_alone(failed, word);
}

/* The first word of the text that is meant; NULL: none. */
static const char *find_word(const struct failed *failed, const char *text, test_of_word is_meant)
{
    static const char between[] = " \t\r\n'\"`;|&<>()[]{}=,:";
    const char *directory = failed->command->directory;
    const size_t size = strlen(directory);
    for (const char *word = text + strspn(text, between); *word; word += strspn(word, between)) {
        const size_t length = strcspn(word, between);
        const char *copy = mlg_arena_copy(failed->rerun->arena, word, length);
        if (copy && strncmp(copy, directory, size) == 0 && copy[size] == '/')
            copy += size + 1;
        if (copy && is_meant(failed, copy))
            return copy;
        word += length;
    }
    return NULL;
}

static const char *find_in_command(const struct failed *failed, test_of_word is_meant)
{
    const char *found = NULL;
    for (size_t i = 0; failed->command->arguments[i] && !found; i++)
        found = find_word(failed, failed->command->arguments[i], is_meant);
    return found;
}

/* In a line that tells of something missing, where `is_line`, else anywhere. */
static const char *find_in_printed(const struct failed *failed, bool is_line)
{
    const char *found = NULL, *line;
    for (size_t i = 0; i < 2; i++)
        for (const char *text = failed->printed[i];
             !found && (line = is_line ? next_line(&text, failed->rerun->arena) : text);) {
            found = tells_of_missing(line) ? find_word(failed, line, is_left_out) : NULL;
            if (!is_line)
                break;
        }
    return found;
}

/* What an environment of Python beside mlgate.yaml holds, such as ".venv/bin/python", is no use without the
 * rest of it. NULL: it is of none. */
static const char *hint_of_environment(const struct failed *failed, const char *found)
{
    const char *programs = strstr(found, "/bin/");
    const char *root =
        programs ? mlg_arena_copy(failed->rerun->arena, found, (size_t)(programs - found)) : found;
    const char *config = root ? mlg_arena_format(failed->rerun->arena, "%s/pyvenv.cfg", root) : NULL;
    return config && is_here_alone(failed, config)
               ? mlg_arena_format(
                     failed->rerun->arena,
                     "; '%s' is an environment of Python beside mlgate.yaml, and not wholly in 'inputs': "
                     "name what is in it by its absolute path, '%s/%s', where it is read and not "
                     "copied; in 'inputs' all of it would be copied for each run",
                     root, failed->rerun->base, found)
               : NULL;
}

/* What is printed as missing goes first; of a text for the shell any part may have failed. */
static const char *hint_of_left_out(const struct failed *failed, bool misses_a_file)
{
    const char *found = find_in_printed(failed, true);
    if (!found && (misses_a_file || !failed->rerun->order->shell))
        found = find_in_command(failed, is_left_out);
    if (!found)
        found = find_in_printed(failed, false);
    const char *hint = found ? hint_of_environment(failed, found) : NULL;
    return hint || !found ? hint
                          : mlg_arena_format(failed->rerun->arena,
                                             "; '%s' lies beside mlgate.yaml and is not in 'inputs': list "
                                             "it there, or give its absolute path",
                                             found);
}

/* "../venv/bin/python" is there seen from mlgate.yaml, which the run does not begin at. The directory alone
 * is resolved: an environment of Python is found by the link. */
static const char *hint_of_outside(const struct failed *failed)
{
    const struct mlg_rerun *rerun = failed->rerun;
    struct mlg_error ignored = {0};
    const char *found = find_in_command(failed, is_outside);
    const char *slash = found ? strrchr(found, '/') : NULL;
    const char *directory =
        slash ? mlg_arena_format(rerun->arena, "%s/%.*s", rerun->base, (int)(slash - found), found) : NULL;
    const char *real =
        directory ? rerun->runner->real_path(rerun->world->self, directory, rerun->arena, &ignored) : NULL;
    return real ? mlg_arena_format(rerun->arena,
                                   "; '%s' is there seen from mlgate.yaml, and not from the fresh directory "
                                   "of the run: give its absolute path, '%s%s'",
                                   found, real, slash)
                : NULL;
}

/* ---- a module of Python ------------------------------------------------------------------------------- */

static const char *below(const struct failed *failed, const char *root, const char *path)
{
    return root[0] ? mlg_arena_format(failed->rerun->arena, "%s/%s", root, path) : path;
}

/* What holds the module, or a package that it is a part of, in the directory `root` ("": that of mlgate.yaml)
 * and is left out; where all of the directory is, the directory. `module` is a path, "package/part". */
static const char *find_module_in(const struct failed *failed, const char *root, const char *module)
{
    struct mlg_arena *arena = failed->rerun->arena;
    for (size_t size = strcspn(module, "/"); size > 0;) {
        const char *name = mlg_arena_copy(arena, module, size);
        const char *file = name ? below(failed, root, mlg_arena_format(arena, "%s.py", name)) : NULL;
        const char *directory = name ? below(failed, root, name) : NULL;
        if (!file || !directory)
            return NULL;
        const bool is_package = kind_at(failed, failed->rerun->base, directory) == MLG_ENTRY_DIRECTORY;
        const char *found = is_left_out(failed, file)                      ? file
                            : is_package && is_left_out(failed, directory) ? directory
                                                                           : NULL;
        if (found)
            return root[0] && is_left_out(failed, root) ? root : found;
        size = module[size] ? size + 1 + strcspn(module + size + 1, "/") : 0;
    }
    return NULL;
}

/* Python looks beside its script, in the directory that it runs in, and where PYTHONPATH says; `src` is where
 * projects keep their packages. */
static const char *find_module(const struct failed *failed, const char *module)
{
    struct mlg_arena *arena = failed->rerun->arena;
    const char *found = find_module_in(failed, "", module);
    const char *path = mlg_command_variable(failed->command->environment, "PYTHONPATH");
    for (size_t size; path && *path && !found; path += size + (path[size] == ':')) {
        size = strcspn(path, ":");
        size_t used = size;
        while (used > 0 && path[used - 1] == '/')
            used--;
        const char *root = path[0] == '/' ? NULL : mlg_arena_copy(arena, path, used);
        while (root && strncmp(root, "./", 2) == 0)
            root += 2;
        found = root ? find_module_in(failed, root, module) : NULL;
    }
    for (size_t i = 0; failed->command->arguments[i] && !found; i++) {
        const char *script = failed->command->arguments[i], *slash = strrchr(script, '/');
        const char *ending = strrchr(script, '.');
        const char *root = slash && ending && strcmp(ending, ".py") == 0
                               ? mlg_arena_copy(arena, script, (size_t)(slash - script))
                               : NULL;
        found = root ? find_module_in(failed, root, module) : NULL;
    }
    return found ? found : find_module_in(failed, "src", module);
}

/* "No module named 'package.part'", as Python 3 tells it, or without quotes, as Python 2 does. */
static const char *hint_of_module(const struct failed *failed)
{
    static const char words[] = "No module named ";
    static const char end[] = " \t\r\n'\";:()/\\";
    struct mlg_arena *arena = failed->rerun->arena;
    const char *found = NULL;
    for (size_t i = 0; i < 2; i++)
        for (const char *at = strstr(failed->printed[i], words); at && !found; at = strstr(at, words)) {
            at += sizeof words - 1;
            at += *at == '\'';
            char *module = mlg_arena_copy(arena, at, strcspn(at, end));
            for (char *dot = module; dot && (dot = strchr(dot, '.'));)
                *dot = '/';
            found = module && module[0] != '/' ? find_module(failed, module) : NULL;
        }
    const bool is_missing = strstr(failed->printed[0], words) || strstr(failed->printed[1], words);
    return found ? mlg_arena_format(
                       arena, "; '%s' lies beside mlgate.yaml and is not in 'inputs': list it there", found)
           : is_missing ? hint_of_environment(failed, failed->command->arguments[0])
                        : NULL;
}

/* ---- surroundings ------------------------------------------------------------------------------------- */

/* The first name in the line, in capitals, that the gate has a value for and the run has none; NULL: none. */
static const char *find_variable(const struct failed *failed, const char *line)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789abcdefghijklmnopqrstuvwxyz";
    enum { CAPITALS = 37 }; /* of them, with '_' and digits */
    const struct mlg_world *world = failed->rerun->world;
    char capitals[CAPITALS + 1] = "";
    memcpy(capitals, letters, CAPITALS);
    for (size_t size; *line; line += size ? size : 1) {
        size = strspn(line, letters);
        if (size < 2 || strspn(line, capitals) < size)
            continue;
        const char *name = mlg_arena_copy(failed->rerun->arena, line, size);
        if (name && world->environment && world->environment(world->self, name) &&
            !mlg_command_variable(failed->command->environment, name))
            return name;
    }
    return NULL;
}

static const char *hint_of_variable(const struct failed *failed)
{
    static const char *const words[] = {"KeyError", "unbound variable", "not set", "nvironment variable",
                                        NULL};
    const char *found = NULL, *line;
    for (size_t i = 0; i < 2; i++)
        for (const char *text = failed->printed[i];
             !found && (line = next_line(&text, failed->rerun->arena));)
            found = has_any(line, words) ? find_variable(failed, line) : NULL;
    return found ? mlg_arena_format(failed->rerun->arena,
                                    "; '%s' is set here and not in the run: name it in 'inherit', "
                                    "or set it in 'environment'",
                                    found)
                 : NULL;
}

static const char *hint_of_shared_memory(const struct failed *failed)
{
    for (size_t i = 0; failed->command->own_shared_memory && i < 2; i++)
        if (strstr(failed->printed[i], "/dev/shm"))
            return "; '/dev/shm' is empty in each run: what lies there has to be named in 'inputs', by its "
                   "absolute path";
    return NULL;
}

/* Nothing can be renamed or linked from one disk to another. */
static const char *hint_of_memory(const struct failed *failed)
{
    for (size_t i = 0; failed->command->laid_count > 0 && i < 2; i++)
        if (strstr(failed->printed[i], "ross-device link"))
            return "; where file_order is varied, directories of inputs lie in memory: what is moved or "
                   "linked "
                   "out of them is to be copied, or 'file_order' left out of 'vary'";
    return NULL;
}

/* Programs that are looked for on PATH, or by a shell that does not know them. */
static const char *hint_of_program(const struct failed *failed)
{
    const char *program = failed->command->arguments[0];
    if (failed->rerun->order->shell)
        return strstr(failed->printed[0], "source: not found")
                   ? "; 'source' is of bash: write '.' in its place, or name bash in 'run', as [bash, -c, "
                     "'...', bash, \"{output}\"]"
                   : NULL;
    return !strchr(program, '/') && kind_at(failed, failed->own, program) == MLG_ENTRY_FILE
               ? mlg_arena_format(failed->rerun->arena,
                                  "; '%s' lies in the directory that it runs in: write './%s'", program,
                                  program)
               : NULL;
}

/* What is looked for in a home that each run has of its own. */
static const char *hint_of_home(const struct failed *failed)
{
    static const char *const names[] = {"HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"};
    const struct mlg_rerun *rerun = failed->rerun;
    const char *line;
    for (size_t i = 0; i < 2; i++)
        for (const char *text = failed->printed[i]; (line = next_line(&text, rerun->arena));)
            for (size_t k = 0; tells_of_missing(line) && k < sizeof names / sizeof *names; k++) {
                const char *home = mlg_command_variable(failed->command->environment, names[k]);
                if (home && mlg_path_is_below(home, rerun->common.own) && strstr(line, home))
                    return mlg_arena_format(
                        rerun->arena,
                        "; %s is empty in each run: list what lies in yours in 'inputs' by its absolute "
                        "path, and name that path in the command or in 'environment'",
                        names[k]);
            }
    return NULL;
}

const char *mlg_rerun_hint(const struct mlg_rerun *rerun, const struct mlg_command_order *command,
                           const struct mlg_command_outcome *outcome)
{
    struct mlg_arena *arena = rerun->arena;
    struct failed failed = {.rerun = rerun, .command = command, .own = command->directory};
    if (rerun->apart)
        failed.own = mlg_arena_format(arena, "%s/%s", rerun->apart, mlg_rerun_last_part(command->directory));
    failed.printed[0] = mlg_command_text_of(outcome->error.bytes, outcome->error.size, arena);
    failed.printed[1] = mlg_command_text_of(outcome->output.bytes, outcome->output.size, arena);
    if (!failed.own || !failed.printed[0] || !failed.printed[1])
        return "";
    const bool misses_a_file = outcome->end == MLG_COMMAND_DID_NOT_START ||
                               tells_of_missing(failed.printed[0]) || tells_of_missing(failed.printed[1]);
    const char *hint = misses_a_file ? hint_of_program(&failed) : NULL;
    if (!hint && rerun->is_fresh)
        hint = hint_of_left_out(&failed, misses_a_file);
    if (!hint && rerun->is_fresh && misses_a_file)
        hint = hint_of_outside(&failed);
    if (!hint && rerun->is_fresh)
        hint = hint_of_module(&failed);
    if (!hint)
        hint = hint_of_variable(&failed);
    if (!hint)
        hint = hint_of_shared_memory(&failed);
    if (!hint)
        hint = hint_of_home(&failed);
    if (!hint)
        hint = hint_of_memory(&failed);
    return hint ? hint : "";
}
