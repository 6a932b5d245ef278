/* command_posix.c: runs a command under a supervisor (supervisor.c), and tells what came of it. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <langinfo.h>
#include <limits.h>
#include <linux/magic.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command_private.h"
#include "mlgate/text.h"
#include "plugins.h"

/* ---- which program ----------------------------------------------------------------------------------- */

/* Where what the command finds at `path` is for everybody else. False: the path is too long. */
static bool find_outside(const struct mlg_command_order *order, const char *path, char out[PATH_MAX])
{
    const bool is_shown = order->shown_at && mlg_path_is_below(path, order->shown_at);
    return snprintf(out, PATH_MAX, "%s%s", is_shown ? order->shown_from : "",
                    path + (is_shown ? strlen(order->shown_at) : 0)) < PATH_MAX;
}

/* Returns 0, or an errno. */
static int try_program(const struct mlg_command_order *order, const char *path)
{
    struct stat status;
    char outside[PATH_MAX];
    if (!find_outside(order, path, outside))
        return ENAMETOOLONG;
    if (stat(outside, &status) != 0)
        return errno;
    if (S_ISDIR(status.st_mode))
        return EISDIR;
    return access(outside, X_OK) == 0 ? 0 : errno;
}

/* "/bin" and "sh"; what is relative is meant from the directory in which the command will run. */
static int try_in(const struct mlg_command_order *order, const char *directory, size_t size, const char *name,
                  char out[PATH_MAX])
{
    const char *base = order->directory;
    const bool is_whole = size > 0 && directory[0] == '/';
    const int length = snprintf(out, PATH_MAX, "%s%s%.*s%s%s", is_whole ? "" : base, is_whole ? "" : "/",
                                (int)size, directory, size ? "/" : "", name);
    return length >= PATH_MAX ? ENAMETOOLONG : try_program(order, out);
}

/* What execvp would take, of the PATH that the command gets. Returns 0 or an errno. */
static int find_program(const struct mlg_command_order *order, char out[PATH_MAX])
{
    const char *name = order->arguments[0];
    int problem = ENOENT;
    if (strchr(name, '/'))
        return name[0] == '/'
                   ? snprintf(out, PATH_MAX, "%s", name) >= PATH_MAX ? ENAMETOOLONG : try_program(order, out)
                   : try_in(order, "", 0, name, out);
    for (const char *part = mlg_command_variable(order->environment, "PATH"); part && name[0];) {
        const size_t size = strcspn(part, ":");
        const int found = try_in(order, part, size, name, out);
        if (found == 0)
            return 0;
        if (found == EACCES)
            problem = found;
        part = part[size] ? part + size + 1 : NULL;
    }
    return problem;
}

/* Why it does not start, as a sentence. */
static void tell_start(const struct mlg_supervision *s, int found, struct mlg_error *why)
{
    const struct mlg_command_order *order = s->order;
    const char *name = order->arguments[0];
    const int problem = found ? found : s->problem;
    if (found == ENOENT && !strchr(name, '/'))
        mlg_error_set(why, MLG_WORLD, "cannot run '%s': no such program; is it on PATH?", name);
    else if (problem == EACCES && (found || s->stage == MLG_STAGE_EXECUTE))
        mlg_error_set(why, MLG_WORLD, "cannot run '%s': it is not executable", name);
    else if (found)
        mlg_error_set(why, MLG_WORLD, "cannot run '%s': %s", name, mlg_posix_reason(problem));
    else if (s->stage == MLG_STAGE_DIRECTORY)
        mlg_error_set(why, MLG_WORLD, "cannot run '%s' in '%s': %s", name, order->directory,
                      problem == ENOENT ? "no such directory" : mlg_posix_reason(problem));
    else if (s->stage == MLG_STAGE_PROCESSORS)
        mlg_error_set(why, MLG_WORLD, "cannot run '%s' on %u processors alone: %s", name,
                      order->settings.cpus, mlg_posix_reason(problem));
    else if (s->stage == MLG_STAGE_ADDRESSES)
        mlg_error_set(why, MLG_WORLD, "cannot run '%s' without random addresses: %s", name,
                      mlg_posix_reason(problem));
    else if (s->stage == MLG_STAGE_EXECUTE && problem == ENOENT)
        mlg_error_set(why, MLG_WORLD, "cannot run '%s': the program of its first line ('#!...') is not there",
                      name);
    else if (s->stage == MLG_STAGE_EXECUTE && problem == ENOEXEC)
        mlg_error_set(why, MLG_WORLD,
                      "cannot run '%s': it is neither a program nor begins with '#!' and the path of one",
                      name);
    else if (s->stage == MLG_STAGE_EXECUTE && problem == E2BIG)
        mlg_error_set(why, MLG_WORLD, "cannot run '%s': arguments and environment are too long", name);
    else
        mlg_error_set(why, MLG_WORLD, "cannot run '%s': %s", name, mlg_posix_reason(problem));
}

/* ---- what came of it --------------------------------------------------------------------------------- */

static bool tell_isolation(const struct mlg_supervision *s, struct mlg_command_outcome *outcome,
                           struct mlg_arena *arena)
{
    static const char *const what[] = {[MLG_STAGE_NAMESPACES] = "namespaces",
                                       [MLG_STAGE_IDENTITY] = "users in a namespace",
                                       [MLG_STAGE_LOOPBACK] = "a loopback in a namespace",
                                       [MLG_STAGE_PROC] = "a /proc in a namespace",
                                       [MLG_STAGE_SHOW] = "a directory at another path in a namespace"};
    outcome->isolation = s->isolation;
    if (s->isolation == s->order->isolation ||
        (outcome->end == MLG_COMMAND_DID_NOT_START && !mlg_has_own_paths(s->order)))
        return true;
    outcome->isolation_missing =
        s->isolation_stage == MLG_STAGE_SWITCHED_OFF
            ? "namespaces are switched off"
            : mlg_arena_format(arena, "the system refuses %s: %s",
                               s->isolation_stage <= MLG_STAGE_SHOW && what[s->isolation_stage]
                                   ? what[s->isolation_stage]
                                   : "namespaces",
                               s->isolation_problem == ENOSPC ? "their number is limited"
                                                              : mlg_posix_reason(s->isolation_problem));
    return outcome->isolation_missing != NULL;
}

/* Unrolls the ring. Where the beginning is gone, so is the rest of its line, if there is another. */
static bool tell_stream(const struct mlg_supervised_stream *stream, struct mlg_command_text *text,
                        struct mlg_arena *arena)
{
    const size_t size = stream->total < stream->size ? (size_t)stream->total : stream->size;
    const size_t start = stream->total > stream->size ? (size_t)(stream->total % stream->size) : 0;
    char *bytes = mlg_arena_alloc(arena, size + 1, 1);
    if (!bytes)
        return false;
    memcpy(bytes, stream->kept + start, size - start);
    memcpy(bytes + size - start, stream->kept, start);
    const char *line = stream->total > size ? memchr(bytes, '\n', size) : NULL;
    const size_t skipped = line && line + 1 < bytes + size ? (size_t)(line + 1 - bytes) : 0;
    *text =
        (struct mlg_command_text){.bytes = bytes + skipped, .size = size - skipped, .total = stream->total};
    if (stream->file_problem)
        text->problem = mlg_posix_reason(stream->file_problem);
    else if (stream->was_cut)
        text->problem = "it is longer than what is written to a file";
    return true;
}

static const char *names_of(const struct mlg_supervision *s, struct mlg_arena *arena)
{
    const char *names = "";
    for (size_t i = 0; names && i < sizeof s->names / sizeof *s->names && s->names[i][0]; i++)
        names = mlg_arena_format(arena, "%s%s%s", names, i ? ", " : "", s->names[i]);
    return names;
}

static int64_t free_bytes(const struct mlg_command_order *order)
{
    struct statvfs disk;
    char directory[PATH_MAX];
    if (!find_outside(order, order->temporary ? order->temporary : order->directory, directory) ||
        statvfs(directory, &disk) != 0 || disk.f_blocks == 0)
        return -1; /* a disk without blocks does not count them */
    return (int64_t)((geteuid() == 0 ? disk.f_bfree : disk.f_bavail) * (uint64_t)disk.f_frsize);
}

static int tell_outcome(const struct mlg_supervision *s, int found, struct mlg_arena *arena,
                        struct mlg_command_outcome *outcome, struct mlg_error *error)
{
    struct mlg_error why;
    bool is_told = true;
    *outcome = (struct mlg_command_outcome){.end = s->end,
                                            .seconds = s->seconds,
                                            .peak_memory = s->peak,
                                            .interval = s->interval,
                                            .left_behind = s->left_behind,
                                            .left_behind_names = names_of(s, arena),
                                            .shows_processors = s->shows_processors,
                                            .free_bytes = free_bytes(s->order)};
    if (found)
        outcome->end = MLG_COMMAND_DID_NOT_START;
    else if (!atomic_load(&s->is_finished))
        outcome->end = MLG_COMMAND_LOST_SUPERVISOR;
    if (outcome->end == MLG_COMMAND_EXITED)
        outcome->code = WEXITSTATUS(s->status);
    else if (outcome->end == MLG_COMMAND_SIGNALLED)
        outcome->code = WTERMSIG(s->status);
    if (outcome->end == MLG_COMMAND_DID_NOT_START) {
        tell_start(s, found, &why);
        outcome->problem = mlg_arena_copy(arena, why.text, strlen(why.text));
        is_told = outcome->problem != NULL;
    }
    if (s->is_unended)
        outcome->problem = "processes that it started could not be ended";
    is_told = is_told && outcome->left_behind_names && tell_isolation(s, outcome, arena) &&
              tell_stream(&s->streams[0], &outcome->output, arena) &&
              tell_stream(&s->streams[1], &outcome->error, arena);
    return is_told ? MLG_OK : mlg_error_set(error, MLG_LIMIT, "no memory for what a command printed");
}

/* ---- the end of who asks --------------------------------------------------------------------------- */

struct guard {
    pid_t pid;
    int life; /* closes with this process */
};

/* Above the standard streams, which may be closed here. */
static bool open_life(int life[2])
{
    if (pipe2(life, O_CLOEXEC) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        if (life[i] < 3) {
            const int higher = fcntl(life[i], F_DUPFD_CLOEXEC, 3);
            close(life[i]);
            life[i] = higher;
        }
    }
    return true;
}

/* In the child all signals stay blocked: no handler of ours may run there. */
static pid_t fork_apart(void)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = fork();
    if (pid != 0)
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid;
}

/* Returns what wait() tells of it; -1: nothing. */
static int await(pid_t pid)
{
    int status = -1;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

static void *posix_guard(void *self, const char *directory, struct mlg_arena *arena)
{
    (void)self;
    struct guard *guard = MLG_NEW(arena, struct guard);
    int life[2];
    if (!guard || !open_life(life))
        return NULL;
    guard->pid = fork_apart();
    if (guard->pid == 0)
        mlg_guard(directory, life[0]);
    close(life[0]);
    guard->life = life[1];
    if (guard->pid > 0)
        return guard;
    close(life[1]);
    return NULL;
}

static void posix_release(void *self, void *handle)
{
    (void)self;
    const struct guard *guard = handle;
    if (!guard)
        return;
    kill(guard->pid, SIGKILL); /* before it learns that the pipe closes */
    close(guard->life);
    await(guard->pid);
}

/* ---- running ------------------------------------------------------------------------------------------- */

/* Waits until the process has ended, which reads from `life`, and tells a terminal meanwhile how long that
 * takes: of commands that run at a time one is told. */
static void tell_waiting(struct mlg_posix *posix, const char *about, pid_t pid, int life)
{
    enum { PAUSE = 500 }; /* milliseconds */
    const double since = posix->world.seconds(posix);
    struct pollfd set[] = {{.fd = life}};
    bool is_teller = false;
    while (poll(set, 1, PAUSE) <= 0 || !set[0].revents) {
        siginfo_t ended = {.si_pid = 0};
        if (waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 || ended.si_pid == pid)
            break; /* another holds the pipe */
        is_teller = is_teller || !atomic_exchange(&posix->has_waiting, true);
        if (is_teller)
            mlg_progress_wait(&posix->progress, &posix->world, about, since);
    }
    if (!is_teller)
        return;
    mlg_progress_wait(&posix->progress, &posix->world, NULL, since);
    atomic_store(&posix->has_waiting, false);
}

/* Waits for the supervisor, whatever it does. Returns 0 or an errno. */
static int supervise(struct mlg_posix *posix, struct mlg_supervision *s)
{
    int life[2];
    if (!open_life(life))
        return errno;
    const pid_t pid = fork_apart();
    if (pid == 0)
        mlg_supervise(s, life[0]);
    const int problem = pid < 0 ? errno : 0;
    close(life[0]);
    if (pid > 0 && s->order->about && posix->world.is_terminal(posix, 2))
        tell_waiting(posix, s->order->about, pid, life[1]);
    await(pid);
    close(life[1]);
    if (!problem && !atomic_load(&s->is_finished) && s->command > 0)
        kill(-s->command, SIGKILL); /* nobody else is left to do it */
    if (!problem && !atomic_load(&s->is_finished) && s->order->hidden && !s->is_hidden)
        chmod(s->order->hidden, 0700);
    return problem;
}

static int64_t clock_now(void)
{
    struct timespec now = {.tv_sec = 0};
    clock_gettime(CLOCK_REALTIME, &now);
    return mlg_nanoseconds(&now);
}

/* Nanoseconds since 1970. No longer than two seconds: the clock may be put back meanwhile. */
static void wait_for(int64_t time)
{
    static const int64_t second = 1000000000, most = 2100000000;
    for (int turn = 0; turn < 4; turn++) {
        const int64_t rest = time - clock_now();
        if (rest <= 0 || rest > most)
            return;
        const struct timespec pause = {.tv_sec = rest / second, .tv_nsec = rest % second};
        nanosleep(&pause, NULL);
    }
}

static int posix_run(void *self, const struct mlg_command_order *order, struct mlg_arena *arena,
                     struct mlg_command_outcome *outcome, struct mlg_error *error)
{
    struct mlg_posix *posix = self;
    char program[PATH_MAX], directory[PATH_MAX];
    const size_t kept = order->limits.kept ? order->limits.kept : MLG_COMMAND_KEPT;
    const size_t size = sizeof(struct mlg_supervision) + 2 * kept;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return mlg_error_set(error, MLG_LIMIT, "no memory to run '%s'", order->arguments[0]);
    struct mlg_supervision *s = memory;
    s->order = order;
    s->program = program;
    s->without_namespaces = posix->without_namespaces;
    for (size_t i = 0; i < 2; i++) {
        s->streams[i].size = kept;
        s->streams[i].kept = (char *)(s + 1) + i * kept;
    }
    struct stat status;
    struct mlg_watching watching = {.number = -1};
    int64_t begun = 0;
    int found = 0, problem = 0;
    if (!find_outside(order, order->directory, directory) || stat(directory, &status) != 0)
        s->stage = MLG_STAGE_DIRECTORY, s->problem = errno, s->end = MLG_COMMAND_DID_NOT_START;
    else if ((found = find_program(order, program)) == 0) {
        wait_for(order->not_before);
        begun = clock_now();
        problem = mlg_leftovers_watch(order, posix->without_watches, arena, &watching) == MLG_OK
                      ? supervise(posix, s)
                      : ENOMEM;
        mlg_leftovers_collect(&watching);
    }
    if (s->stage != MLG_STAGE_NONE && s->end == MLG_COMMAND_DID_NOT_START)
        atomic_store(&s->is_finished, true);
    const int code = problem ? mlg_error_set(error, MLG_WORLD, "cannot run '%s': %s", order->arguments[0],
                                             mlg_posix_reason(problem))
                             : tell_outcome(s, found, arena, outcome, error);
    outcome->begun = begun;
    outcome->was_read = watching.was_read;
    outcome->unwatched = watching.problem;
    munmap(memory, size);
    return code;
}

/* ---- what can be varied ---------------------------------------------------------------------------- */

static const char *find_locale(void)
{
    static const char *const locales[][2] = {
#define WITH_CODES(name) {name ".UTF-8", name}
        WITH_CODES("de_DE"), WITH_CODES("fr_FR"), WITH_CODES("es_ES"), WITH_CODES("it_IT"),
        WITH_CODES("et_EE"), WITH_CODES("nl_NL"), WITH_CODES("pt_BR"), WITH_CODES("pt_PT"),
        WITH_CODES("ru_RU"), WITH_CODES("pl_PL"), WITH_CODES("sv_SE"), WITH_CODES("da_DK"),
        WITH_CODES("nb_NO"), WITH_CODES("fi_FI"), WITH_CODES("cs_CZ"), WITH_CODES("tr_TR"),
        WITH_CODES("de_AT"), WITH_CODES("uk_UA"), WITH_CODES("fr_BE"), WITH_CODES("fr_CA"),
#undef WITH_CODES
    };
    for (size_t code = 0; code < 2; code++) {
        for (size_t i = 0; i < sizeof locales / sizeof *locales; i++) {
            const locale_t locale = newlocale(LC_ALL_MASK, locales[i][code], (locale_t)0);
            if (locale == (locale_t)0)
                continue;
            const bool has_comma = strcmp(nl_langinfo_l(RADIXCHAR, locale), ",") == 0;
            freelocale(locale);
            if (has_comma)
                return locales[i][code];
        }
    }
    return NULL;
}

static const char *find_faketime(struct mlg_arena *arena)
{
    static const char *const places[] = {
        "/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib/faketime/libfaketimeMT.so.1",
        "/usr/lib64/faketime/libfaketimeMT.so.1", "/usr/local/lib/faketime/libfaketimeMT.so.1",
        "/usr/lib/*/faketime/libfaketime.so.1"};
    const char *path = NULL;
    for (size_t i = 0; !path && i < sizeof places / sizeof *places; i++) {
        glob_t found;
        if (glob(places[i], 0, NULL, &found) == 0 && found.gl_pathc > 0)
            path = mlg_arena_copy(arena, found.gl_pathv[0], strlen(found.gl_pathv[0]));
        globfree(&found);
    }
    return path;
}

/* kernel.randomize_va_space; where it cannot be read addresses are taken for random, as they mostly are. */
static bool has_random_addresses(void)
{
    char setting = '2';
    const int number = open("/proc/sys/kernel/randomize_va_space", O_RDONLY | O_CLOEXEC);
    const bool is_read = number >= 0 && read(number, &setting, 1) == 1;
    if (number >= 0)
        close(number);
    return !is_read || setting != '0';
}

/* Asked of a process of its own: it does not change ours. */
static bool can_fix_addresses(void)
{
    const pid_t pid = fork();
    if (pid == 0) {
        const int now = personality(0xffffffff);
        _exit(now < 0 || personality((unsigned long)now | ADDR_NO_RANDOMIZE) < 0);
    }
    return await(pid) == 0;
}

struct names {
    char text[64];
    size_t size;
};

static int add_name(void *context, const char *name)
{
    struct names *names = context;
    if (names->size + 1 < sizeof names->text)
        names->text[names->size++] = name[0];
    return 0;
}

/* Makes eight files, lists them, and removes them. */
static bool list_made(const char *directory, bool backwards, struct names *names)
{
    enum { FILES = 8 };
    char path[PATH_MAX];
    *names = (struct names){.size = 0};
    for (int i = 0; i < FILES; i++) {
        snprintf(path, sizeof path, "%s/%c", directory, 'a' + (backwards ? FILES - 1 - i : i));
        const int number = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (number < 0)
            return false;
        close(number);
    }
    const int number = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int code = number < 0 ? -1 : mlg_each_name(number, add_name, names);
    if (number >= 0)
        close(number);
    return code == 0;
}

/* Eight files that are made in the order of their names, and backwards. False: no directory can be made below
 * `root`. */
static bool list_both(void *self, const char *root, struct names lists[2], struct mlg_arena *arena,
                      struct mlg_error *error)
{
    bool is_listed = true;
    for (int i = 0; i < 2; i++) {
        const char *directory = mlg_directory_make(self, root, NULL, arena, error);
        if (!directory)
            return false;
        is_listed = list_made(directory, i == 1, &lists[i]) && is_listed;
        mlg_remove_tree(directory);
    }
    if (!is_listed)
        lists[0] = lists[1];
    return true;
}

/* Of shared memory half of what is free may be taken, where files come in the order in which they were made,
 * or in the opposite one. */
static void find_memory(void *self, struct mlg_command_means *means, struct mlg_arena *arena)
{
    static const char directory[] = "/dev/shm", order[] = "abcdefgh", opposite[] = "hgfedcba";
    static const uint64_t most = 268435456;
    struct mlg_error ignored;
    struct statfs kind;
    struct statvfs disk;
    struct names lists[2];
    if (statfs(directory, &kind) != 0 || kind.f_type != TMPFS_MAGIC || statvfs(directory, &disk) != 0 ||
        disk.f_flag & (ST_NOEXEC | ST_RDONLY) || !list_both(self, directory, lists, arena, &ignored))
        return;
    means->in_memory_last_is_first = strcmp(lists[0].text, opposite) == 0;
    if (strcmp(lists[0].text, order) != 0 && !means->in_memory_last_is_first)
        return;
    const uint64_t half = (uint64_t)disk.f_bavail * disk.f_frsize / 2;
    means->in_memory = directory;
    means->in_memory_room = half < most ? half : most;
}

static int posix_find_means(void *self, const char *root, struct mlg_arena *arena,
                            struct mlg_command_means *means, struct mlg_error *error)
{
    const struct mlg_posix *posix = self;
    struct utsname machine;
    struct names lists[2];
    *means = (struct mlg_command_means){.processors = posix->world.processors(self),
                                        .locale = find_locale(),
                                        .faketime = find_faketime(arena),
                                        .has_random_addresses = has_random_addresses(),
                                        .can_fix_addresses = can_fix_addresses()};
    means->machine =
        uname(&machine) == 0 ? mlg_arena_copy(arena, machine.machine, strlen(machine.machine)) : "unknown";
    if (!list_both(self, root, lists, arena, error))
        return MLG_WORLD;
    means->has_file_order = strcmp(lists[0].text, lists[1].text) != 0;
    if (!means->has_file_order)
        find_memory(self, means, arena);
    return means->machine ? MLG_OK : mlg_error_set(error, MLG_LIMIT, "no memory to look at the machine");
}

static int posix_find_machine(void *self, struct mlg_arena *arena, struct mlg_machine *machine,
                              struct mlg_error *error)
{
    const struct mlg_posix *posix = self;
    struct utsname names;
    char libc[64] = "";
    const size_t size = confstr(_CS_GNU_LIBC_VERSION, libc, sizeof libc);
    *machine = (struct mlg_machine){.processors = posix->world.processors(self)};
    if (size > 0 && size <= sizeof libc && !(machine->libc = mlg_arena_copy(arena, libc, size - 1)))
        return mlg_error_set(error, MLG_LIMIT, "no memory to look at the machine");
    if (uname(&names) != 0)
        return MLG_OK;
    machine->system = mlg_arena_copy(arena, names.sysname, strlen(names.sysname));
    machine->kernel = mlg_arena_copy(arena, names.release, strlen(names.release));
    machine->architecture = mlg_arena_copy(arena, names.machine, strlen(names.machine));
    return machine->system && machine->kernel && machine->architecture
               ? MLG_OK
               : mlg_error_set(error, MLG_LIMIT, "no memory to look at the machine");
}

const struct mlg_runner mlg_posix_runner = {.make_directory = mlg_directory_make,
                                            .guard = posix_guard,
                                            .release = posix_release,
                                            .real_path = mlg_path_real,
                                            .read_link = mlg_link_read,
                                            .place = mlg_directory_place,
                                            .list = mlg_directory_list,
                                            .list_names = mlg_directory_list_names,
                                            .look = mlg_directory_look,
                                            .search = mlg_leftovers_search,
                                            .is_alone = mlg_processes_are_ours,
                                            .allow_execution = mlg_file_allow_execution,
                                            .move = mlg_directory_move,
                                            .remove_directory = mlg_directory_remove,
                                            .find_means = posix_find_means,
                                            .find_machine = posix_find_machine,
                                            .run = posix_run};
