/* manifest_facts.c: what surrounds the runs: lockfiles, the commit of the code, the machine. */
#include <string.h>

#include "mlgate/content.h"
#include "mlgate/manifest.h"

const char *const mlg_lockfiles[] = {"requirements.txt", "poetry.lock",     "uv.lock",
                                     "conda-lock.yml",   "dvc.lock",        "package-lock.json",
                                     "Pipfile.lock",     "environment.yml", NULL};

enum { SMALL_FILE = 16 * 1024 * 1024 };

static int no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory for the manifest");
}

/* A small file without what blanks stand at its end. NULL: it cannot be read, which is no matter. */
static const char *read_text(const struct mlg_world *world, const char *path, struct mlg_arena *arena)
{
    struct mlg_error ignored;
    size_t size = 0;
    const char *bytes = path ? mlg_world_read_file(world, path, SMALL_FILE, arena, &size, &ignored) : NULL;
    while (bytes && size > 0 && strchr(" \t\r\n", bytes[size - 1]))
        size--;
    return bytes ? mlg_arena_copy(arena, bytes, size) : NULL;
}

static bool is_there(const struct mlg_world *world, const char *path)
{
    struct mlg_file file;
    struct mlg_error ignored;
    if (world->open(world->self, path, &file, &ignored) != MLG_OK)
        return false;
    world->close(world->self, &file);
    return true;
}

/* ---- code ---------------------------------------------------------------------------------------- */

static bool is_commit(const char *text)
{
    const size_t size = text ? strspn(text, "0123456789abcdef") : 0;
    return (size == 40 || size == 64) && text[size] == '\0';
}

static const char *within(const char *directory, const char *path, struct mlg_arena *arena)
{
    return path[0] == '/' ? path : mlg_arena_format(arena, "%s/%s", directory, path);
}

/* The commit that a name stands for in the list packed-refs: lines "COMMIT NAME". */
static const char *find_packed(const char *list, const char *name, struct mlg_arena *arena)
{
    const size_t name_size = strlen(name);
    for (const char *line = list; line && *line;) {
        const size_t size = strcspn(line, "\n"), commit = strcspn(line, " \n");
        if (size == commit + 1 + name_size && memcmp(line + commit + 1, name, name_size) == 0)
            return mlg_arena_copy(arena, line, commit);
        line += size + (line[size] == '\n');
    }
    return NULL;
}

/* The commit of a repository whose HEAD says `head`; `git` is the directory where it lies. Of a linked
 * worktree, names lie in the repository that `commondir` leads to. */
static const char *follow(const struct mlg_world *world, const char *git, const char *head,
                          struct mlg_arena *arena)
{
    static const char mark[] = "ref: ";
    if (strncmp(head, mark, sizeof mark - 1) != 0)
        return head;
    const char *name = head + sizeof mark - 1;
    const char *common = read_text(world, mlg_arena_format(arena, "%s/commondir", git), arena);
    common = common ? within(git, common, arena) : git;
    const char *commit = read_text(world, mlg_arena_format(arena, "%s/%s", git, name), arena);
    if (!commit && common)
        commit = read_text(world, mlg_arena_format(arena, "%s/%s", common, name), arena);
    if (!commit && common)
        commit = find_packed(read_text(world, mlg_arena_format(arena, "%s/packed-refs", common), arena), name,
                             arena);
    return commit;
}

static void find_commit(const struct mlg_world *world, const char *base, struct mlg_arena *arena,
                        struct mlg_manifest_facts *facts)
{
    static const char mark[] = "gitdir: ";
    facts->commit_problem = "there is no git repository";
    for (size_t size = strlen(base);; size--) {
        while (size > 1 && base[size - 1] == '/')
            size--;
        const char *directory = mlg_arena_copy(arena, base, size);
        const char *git = directory ? mlg_arena_format(arena, "%s/.git", directory) : NULL;
        const char *head = git ? read_text(world, mlg_arena_format(arena, "%s/HEAD", git), arena) : NULL;
        const char *link = head ? NULL : read_text(world, git, arena);
        if (link && strncmp(link, mark, sizeof mark - 1) == 0 &&
            (git = within(directory, link + sizeof mark - 1, arena)))
            head = read_text(world, mlg_arena_format(arena, "%s/HEAD", git), arena);
        if (head) {
            facts->has_repository = true;
            const char *commit = follow(world, git, head, arena);
            facts->commit = is_commit(commit) ? commit : NULL;
            facts->commit_problem = facts->commit ? NULL
                                    : strncmp(head, "ref: ", 5) == 0
                                        ? "its branch has no commit, or one that takes git to find"
                                        : "its HEAD is no commit";
            return;
        }
        while (size > 0 && base[size - 1] != '/')
            size--;
        if (size <= 1)
            return;
    }
}

/* Runs git in `base`. *printed: it printed something. Returns NULL, or why nothing can be told. */
static const char *ask_git(const struct mlg_world *world, const char *base, const char *const *arguments,
                           struct mlg_arena *arena, bool *printed)
{
    enum { SECONDS = 60 };
    static const char no_memory_left[] = "there is no memory to ask git";
    static const char *const names[] = {"PATH", "HOME", "XDG_CONFIG_HOME"};
    const char *environment[sizeof names / sizeof *names + 3] = {"LC_ALL=C", "GIT_OPTIONAL_LOCKS=0"};
    size_t count = 2;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = world->environment(world->self, names[i]);
        if (value && !(environment[count++] = mlg_arena_format(arena, "%s=%s", names[i], value)))
            return no_memory_left;
    }
    const struct mlg_command_order order = {.arguments = arguments,
                                            .directory = base,
                                            .environment = environment,
                                            .limits = {.timeout = SECONDS},
                                            .settings = {.umask = -1}};
    struct mlg_command_outcome outcome;
    struct mlg_error error;
    if (world->runner->run(world->self, &order, arena, &outcome, &error) != MLG_OK)
        return mlg_arena_copy(arena, error.text, strlen(error.text));
    *printed = outcome.output.total > 0;
    if (mlg_command_succeeded(&outcome))
        return NULL;
    const char *ending = mlg_command_ending(&order, &outcome, arena);
    const size_t said = outcome.error.bytes ? strcspn(outcome.error.bytes, "\n") : 0;
    const char *problem = !ending ? NULL
                          : outcome.end == MLG_COMMAND_DID_NOT_START
                              ? mlg_arena_format(arena, "git is needed to tell: %s", ending)
                              : mlg_arena_format(arena, "git %s%s%.*s", ending, said ? ": " : "", (int)said,
                                                 said ? outcome.error.bytes : "");
    return problem ? problem : no_memory_left;
}

/* Are tracked files not as they were committed, or are there files in `base` that are not tracked? */
static void find_changes(const struct mlg_world *world, const char *base, struct mlg_arena *arena,
                         struct mlg_manifest_facts *facts)
{
    static const char *const questions[][9] = {
        {"git", "-c", "core.fsmonitor=false", "status", "--porcelain", "--untracked-files=no", NULL},
        {"git", "-c", "core.fsmonitor=false", "ls-files", "--others", "--exclude-standard", "--directory",
         "--no-empty-directory", NULL}};
    if (!facts->has_repository)
        facts->dirty_problem = facts->commit_problem;
    else if (!world->runner)
        facts->dirty_problem = "git is needed to tell, and commands cannot be run here";
    for (size_t i = 0; i < 2 && !facts->dirty && !facts->dirty_problem; i++) {
        facts->dirty_problem = ask_git(world, base, questions[i], arena, &facts->dirty);
        facts->changed = facts->dirty && i == 0;
    }
}

static int find_lockfiles(const struct mlg_world *world, const char *base, struct mlg_arena *arena,
                          struct mlg_manifest_files *files, struct mlg_error *error)
{
    size_t most = 0;
    while (mlg_lockfiles[most])
        most++;
    files->items = MLG_NEW_ARRAY(arena, struct mlg_manifest_file, most);
    for (size_t i = 0; files->items && i < most; i++) {
        struct mlg_manifest_file *file = &files->items[files->count];
        const char *path = mlg_arena_format(arena, "%s/%s", base, mlg_lockfiles[i]);
        uint64_t size;
        if (!path)
            return no_memory(error);
        if (!is_there(world, path))
            continue;
        file->path = mlg_lockfiles[i];
        const int code = mlg_file_digest(world, path, file->sha256, &size, error);
        if (code != MLG_OK)
            return code;
        files->count++;
    }
    return files->items ? MLG_OK : no_memory(error);
}

/* ---- machine ------------------------------------------------------------------------------------- */

/* What stands behind "NAME<blanks>:" in the first line that begins so; NULL: nothing. */
static const char *find_line(const char *text, const char *name, struct mlg_arena *arena)
{
    const size_t name_size = strlen(name);
    for (const char *line = text; line && *line;) {
        const size_t size = strcspn(line, "\n");
        const char *rest = line + name_size;
        if (size > name_size && memcmp(line, name, name_size) == 0 && rest[strspn(rest, " \t")] == ':') {
            rest += strspn(rest, " \t") + 1;
            rest += strspn(rest, " ");
            return rest <= line + size ? mlg_arena_copy(arena, rest, (size_t)(line + size - rest)) : NULL;
        }
        line += size + (line[size] == '\n');
    }
    return NULL;
}

/* The first 64 hexadecimal digits behind `mark` ("": anywhere): so runners of containers call them. */
static const char *find_id(const char *text, const char *mark, struct mlg_arena *arena)
{
    enum { ID = 64 };
    for (const char *c = text; c && (c = strstr(c, mark)) && *c;) {
        c += strlen(mark);
        const size_t size = strspn(c, "0123456789abcdef");
        if (size == ID)
            return mlg_arena_copy(arena, c, ID);
        c += size > 0 || *mark || *c == '\0' ? size : 1;
    }
    return NULL;
}

/* Control groups are called by the id; where a namespace hides them, files that the runner puts into the
 * container (/etc/hostname and the like) come from a directory that is. */
static const char *find_container(const struct mlg_world *world, struct mlg_arena *arena)
{
    const char *id = find_id(read_text(world, "/proc/1/cgroup", arena), "", arena);
    if (!id)
        id = find_id(read_text(world, "/proc/self/mountinfo", arena), "containers/", arena);
    if (id)
        return id;
    return is_there(world, "/.dockerenv") || is_there(world, "/run/.containerenv") ? "its id is not known"
                                                                                   : NULL;
}

int mlg_manifest_look(const struct mlg_world *world, const char *base, struct mlg_arena *arena,
                      struct mlg_manifest_facts *facts, struct mlg_error *error)
{
    *facts = (struct mlg_manifest_facts){0};
    int code = find_lockfiles(world, base, arena, &facts->lockfiles, error);
    if (code != MLG_OK)
        return code;
    find_commit(world, base, arena, facts);
    find_changes(world, base, arena, facts);
    const char *processor = read_text(world, "/proc/cpuinfo", arena);
    facts->cpu = find_line(processor, "model name", arena);
    facts->cpu_flags = find_line(processor, "flags", arena);
    if (!facts->cpu_flags)
        facts->cpu_flags = find_line(processor, "Features", arena);
    facts->container = find_container(world, arena);
    return world->runner ? world->runner->find_machine(world->self, arena, &facts->machine, error) : MLG_OK;
}
