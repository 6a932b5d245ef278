/* supervisor.c: a small process between the one that asks and the command, so that nothing outlives a run.
 *
 * It is the reaper of all that the command starts: whoever loses its parent becomes its child, whatever
 * session it has gone to, and so is found and ended. It waits on a pipe that closes with the asker, however
 * that ends. Where the system allows it, the command has a namespace of processes besides, which the kernel
 * clears when its first process ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command_private.h"

static const double first_look = 0.01, steady_look = 0.05, idle_look = 0.2; /* seconds between looks */
static const double cost_of_looks = 0.02; /* the share of a processor that looking may take */
static const double patience = 0.25;      /* for what ends by itself, just after the command */
static const double last_wait = 10; /* for a process that SIGKILL does not end: it hangs in the kernel */

struct watch {
    struct mlg_supervision *s;
    const struct mlg_command_order *order;
    int life, signals, status; /* status: what the first process of a namespace tells */
    int pipes[2], files[2];    /* streams; -1: closed */
    int ends[2];               /* of the pipes, for the command */
    int nothing;               /* /dev/null */
    int proc;                  /* /proc */
    int own_proc;              /* that of the namespace, which lists what is in it alone; -1: none */
    pid_t child;               /* the command, or the first process of its namespace */
    bool is_namespace;
    bool is_over;      /* the command has ended */
    bool is_childless; /* nothing is left */
    bool asker_is_gone;
    double started, looked, next_look, pause;
    long inherited; /* KiB that a child seems to have had before it ran its own program */
    struct mlg_processes processes;
};

/* ---- the command's side
 * ------------------------------------------------------------------------------------ */

/* fork() takes locks of threads that are not here. */
static pid_t split(unsigned long flags)
{
#if defined(__s390__)
    return (pid_t)syscall(SYS_clone, NULL, flags | SIGCHLD, NULL, NULL, NULL);
#else
    return (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
#endif
}

static void close_range_of(unsigned first, unsigned last)
{
    if (first > last || syscall(SYS_close_range, first, last, 0U) == 0)
        return;
    for (unsigned number = first; number <= last && number < 65536; number++)
        close((int)number);
}

/* Above the standard streams. */
static void close_all_but(int kept)
{
    if (kept > 3)
        close_range_of(3, (unsigned)kept - 1);
    close_range_of((unsigned)kept + 1, ~0U);
}

_Noreturn static void fail_to_start(struct mlg_supervision *s, enum mlg_stage stage, int problem)
{
    s->stage = stage;
    s->problem = problem;
    _exit(127);
}

/* The first `count` of the processors that are allowed. Returns 0 or an errno. */
static int find_processors(unsigned count, cpu_set_t *kept)
{
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0)
        return errno;
    CPU_ZERO(kept);
    for (unsigned i = 0; i < CPU_SETSIZE && count > 0; i++) {
        if (CPU_ISSET(i, &allowed)) {
            CPU_SET(i, kept);
            count--;
        }
    }
    return 0;
}

static int keep_processors(unsigned count)
{
    cpu_set_t kept;
    const int problem = find_processors(count, &kept);
    return problem ? problem : sched_setaffinity(0, sizeof kept, &kept) == 0 ? 0 : errno;
}

static void write_small(const char *path, const char *text)
{
    const int number = open(path, O_WRONLY | O_CLOEXEC);
    if (number < 0)
        return;
    if (write(number, text, strlen(text)) < 0)
        (void)errno; /* it is a wish */
    close(number);
}

static void reset_signals(void)
{
    sigset_t none;
    for (int number = 1; number <= SIGRTMAX; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn static void become_command(const struct watch *w, pid_t parent)
{
    struct mlg_supervision *s = w->s;
    const struct mlg_command_order *order = w->order;
    const struct mlg_command_settings *settings = &order->settings;
    const struct rlimit none = {0, 0};
    int problem = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) /* it died before it could be told */
        _exit(127);
    setsid();
    setrlimit(RLIMIT_CORE, &none);
    write_small("/proc/self/oom_score_adj", "500"); /* rather this one than who judges it */
    if (chdir(order->directory) != 0)
        fail_to_start(s, MLG_STAGE_DIRECTORY, errno);
    if (settings->cpus && (problem = keep_processors(settings->cpus)) != 0)
        fail_to_start(s, MLG_STAGE_PROCESSORS, problem);
    if (settings->addresses != MLG_ADDRESSES_AS_THEY_ARE) {
        const int now = personality(0xffffffff);
        const unsigned long fixed = ADDR_NO_RANDOMIZE, others = (unsigned long)now & ~fixed;
        const unsigned long wanted = settings->addresses == MLG_ADDRESSES_FIXED ? others | fixed : others;
        if (now < 0 || (wanted != (unsigned long)now && personality(wanted) < 0))
            fail_to_start(s, MLG_STAGE_ADDRESSES, errno);
    }
    if (settings->umask >= 0)
        umask((mode_t)settings->umask);
    if (dup2(w->nothing, 0) < 0 || dup2(w->ends[0], 1) < 0 || dup2(w->ends[1], 2) < 0)
        fail_to_start(s, MLG_STAGE_SUPERVISE, errno);
    reset_signals();
    if (settings->name) /* this memory is the command's own */
        ((const char **)(uintptr_t)order->arguments)[0] = settings->name;
    execve(s->program, (char *const *)(uintptr_t)order->arguments,
           (char *const *)(uintptr_t)order->environment);
    fail_to_start(s, MLG_STAGE_EXECUTE, errno);
}

/* ---- namespaces
 * ----------------------------------------------------------------------------------------------- */

/* A network of its own has a loopback that is down. */
static int raise_loopback(void)
{
    struct ifreq request = {.ifr_flags = IFF_UP};
    memcpy(request.ifr_name, "lo", 3);
    const int number = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (number < 0)
        return errno;
    const int problem = ioctl(number, SIOCSIFFLAGS, &request) == 0 ? 0 : errno;
    close(number);
    return problem;
}

/* /proc of the new namespace, over the old one, for nobody else to see. */
static int mount_proc(void)
{
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return errno;
    return mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0 ? 0 : errno;
}

/* What is hidden looks empty from now on; where that is refused it is closed, as without namespaces. */
static void hide(struct mlg_supervision *s)
{
    const char *hidden = s->order->hidden;
    s->is_hidden = hidden && mount("tmpfs", hidden, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
                                   "mode=000,size=4k") == 0;
    if (hidden && !s->is_hidden)
        chmod(hidden, 0);
}

/* Else a run finds there what an earlier one left. Where it is refused it is gone without. */
static void empty_shared_memory(const struct mlg_command_order *order)
{
    if (order->own_shared_memory)
        (void)mount("tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
}

/* Queues of messages, as files; where nothing is mounted there are none to be seen. */
static void show_own_queues(void)
{
    (void)mount("mqueue", "/dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

/* The next process gets a number that is higher by so much. */
static void skip_numbers(unsigned count)
{
    enum { MOST_FORKS = 17 };
    char text[16];
    const int number = count ? open("/proc/sys/kernel/ns_last_pid", O_WRONLY | O_CLOEXEC) : -1;
    const int size = snprintf(text, sizeof text, "%u", count + 1); /* 1 is this process */
    const bool is_done = number >= 0 && write(number, text, (size_t)size) == size;
    if (number >= 0)
        close(number);
    for (unsigned i = 0; !is_done && i < count % MOST_FORKS; i++) {
        const pid_t pid = split(0);
        if (pid == 0)
            _exit(0);
        if (pid > 0)
            waitpid(pid, NULL, 0);
    }
}

static int show_directory(const struct mlg_command_order *order)
{
    const int problem = mount(order->shown_from, order->shown_at, NULL, MS_BIND | MS_REC, NULL);
    return problem == 0 ? 0 : errno;
}

/* While shared memory, from which they may come, is still to be seen. */
static int lay_directories(const struct mlg_command_order *order)
{
    for (size_t i = 0; i < order->laid_count; i++)
        if (mount(order->laid[i].from, order->laid[i].at, NULL, MS_BIND | MS_REC, NULL) != 0)
            return errno;
    return 0;
}

/* A file that is to be found in the place of another. */
static bool make_shown(const char *path, int *number)
{
    *number = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
    return *number >= 0;
}

static bool put_number(int to, const char *before, unsigned value)
{
    char text[16];
    const int size = snprintf(text, sizeof text, "%s%u", before, value);
    return write(to, text, (size_t)size) == size;
}

/* "0,2,3": what /sys has as "0,2-3". And "0-3", of those that may be: tables are made by the last of them. */
static bool list_processors(const cpu_set_t *set, int online, int possible)
{
    unsigned last = 0;
    bool is_done = true;
    const char *before = "";
    for (unsigned i = 0; i < CPU_SETSIZE; i++) {
        if (!CPU_ISSET(i, set))
            continue;
        is_done = is_done && put_number(online, before, i);
        before = ",";
        last = i;
    }
    is_done =
        is_done && (last == 0 || put_number(possible, "", 0)) && put_number(possible, last ? "-" : "", last);
    return is_done && write(online, "\n", 1) == 1 && write(possible, "\n", 1) == 1;
}

/* "processor\t: 12" of a processor that is not in the set? */
static bool is_of_another(const char *line, const char *end, const cpu_set_t *set)
{
    static const char word[] = "processor\t: ";
    unsigned number = 0;
    const char *digit = line + sizeof word - 1;
    if (digit >= end || memcmp(line, word, sizeof word - 1) != 0)
        return false;
    for (; digit < end && *digit >= '0' && *digit <= '9' && number < CPU_SETSIZE; digit++)
        number = number * 10 + (unsigned)(*digit - '0');
    return number >= CPU_SETSIZE || !CPU_ISSET(number, set);
}

/* /proc/cpuinfo without the paragraphs of other processors, on machines where it has one for each. */
static bool cut_processors(const cpu_set_t *set, int from, int to)
{
    char buffer[8192];
    bool is_left_out = false;
    size_t size = 0;
    for (;;) {
        const ssize_t got = read(from, buffer + size, sizeof buffer - size);
        if (got <= 0)
            return got == 0 && size == 0;
        size += (size_t)got;
        const char *line = buffer, *const end = buffer + size, *next;
        while ((next = memchr(line, '\n', (size_t)(end - line)))) {
            next++;
            is_left_out = is_left_out || is_of_another(line, next, set);
            if (!is_left_out && write(to, line, (size_t)(next - line)) != next - line)
                return false;
            is_left_out = is_left_out && *line != '\n'; /* the blank line below it goes with it */
            line = next;
        }
        size = (size_t)(end - line);
        memmove(buffer, line, size); /* of a line that is longer than all of it no more is read */
    }
}

/* Who asks how many processors there are, and not how many it may use, is told of those `kept`: what the C
 * library reads, and /proc/cpuinfo. The files lie in memory that is found in the place of these alone. */
static bool show_processors(const cpu_set_t *kept)
{
    static const char online[] = "/dev/online", possible[] = "/dev/possible", information[] = "/dev/cpuinfo",
                      cpuinfo[] = "/proc/cpuinfo";
    static const char *const shown[][2] = {{online, "/sys/devices/system/cpu/online"},
                                           {possible, "/sys/devices/system/cpu/possible"},
                                           {possible, "/sys/devices/system/cpu/present"},
                                           {information, cpuinfo}};
    int numbers[] = {-1, -1, -1, open(cpuinfo, O_RDONLY | O_CLOEXEC)};
    if (mount("tmpfs", "/dev", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0755") != 0)
        return false;
    bool is_done = numbers[3] >= 0 && make_shown(online, &numbers[0]) && make_shown(possible, &numbers[1]) &&
                   make_shown(information, &numbers[2]) && list_processors(kept, numbers[0], numbers[1]) &&
                   cut_processors(kept, numbers[3], numbers[2]);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i] >= 0)
            close(numbers[i]);
    for (size_t i = 0; i < sizeof shown / sizeof *shown && is_done; i++)
        is_done = mount(shown[i][0], shown[i][1], NULL, MS_BIND, NULL) == 0;
    return umount2("/dev", MNT_DETACH) == 0 && is_done;
}

static void tell(int number, char word)
{
    while (write(number, &word, 1) < 0 && errno == EINTR)
        continue;
}

/* The first process of a namespace: starts the command, and collects what has no parent any more. */
_Noreturn static void become_first(struct watch *w, int status)
{
    struct mlg_supervision *s = w->s;
    struct rusage usage;
    skip_numbers(w->order->skipped);
    const pid_t command = split(0);
    if (command == 0)
        become_command(w, 1);
    if (command < 0)
        fail_to_start(s, MLG_STAGE_SUPERVISE, errno);
    close_all_but(status);
    for (;;) {
        int code;
        const pid_t pid = wait4(-1, &code, 0, &usage);
        if (pid < 0 && errno == ECHILD)
            _exit(0);
        if (pid == command) {
            s->status = code;
            s->resident = usage.ru_maxrss;
            s->is_collected = true;
            tell(status, 's');
        }
    }
}

/* In new namespaces, before the command. `go` closes with the supervisor. */
_Noreturn static void become_contained(struct watch *w, unsigned long flags, int go, int status)
{
    struct mlg_supervision *s = w->s;
    char word;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (read(go, &word, 1) != 1)
        _exit(127);
    close(go);
    if (flags & CLONE_NEWNET && (s->isolation_problem = raise_loopback()) != 0) {
        s->isolation_stage = MLG_STAGE_LOOPBACK;
        _exit(127);
    }
    if (flags & CLONE_NEWPID && (s->isolation_problem = mount_proc()) != 0) {
        s->isolation_stage = MLG_STAGE_PROC;
        _exit(127);
    }
    if ((s->isolation_problem = lay_directories(w->order)) != 0) {
        s->isolation_stage = MLG_STAGE_SHOW;
        _exit(127);
    }
    if (flags & CLONE_NEWPID) { /* else there is nothing of its own to mount in */
        hide(s);
        empty_shared_memory(w->order);
        if (flags & CLONE_NEWIPC)
            show_own_queues();
        cpu_set_t kept;
        const unsigned count = w->order->settings.cpus;
        s->shows_processors = count && find_processors(count, &kept) == 0 && show_processors(&kept);
    } else if (s->order->hidden)
        chmod(s->order->hidden, 0);
    if (w->order->shown_from && (s->isolation_problem = show_directory(w->order)) != 0) {
        s->isolation_stage = MLG_STAGE_SHOW;
        _exit(127);
    }
    tell(status, 'r');
    if (flags & CLONE_NEWPID)
        become_first(w, status);
    become_command(w, getppid());
}

static bool write_proc(pid_t pid, const char *name, const char *text)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    const int number = open(path, O_WRONLY | O_CLOEXEC);
    if (number < 0)
        return false;
    const bool is_written = write(number, text, strlen(text)) == (ssize_t)strlen(text);
    close(number);
    return is_written;
}

/* Everybody stays who they are: all users where that is allowed, else the one that there is. */
static bool map_identity(pid_t pid)
{
    static const char all[] = "0 0 4294967295";
    char user[64], group[64];
    snprintf(user, sizeof user, "%lu %lu 1", (unsigned long)geteuid(), (unsigned long)geteuid());
    snprintf(group, sizeof group, "%lu %lu 1", (unsigned long)getegid(), (unsigned long)getegid());
    const bool is_root = geteuid() == 0;
    if (!(is_root && write_proc(pid, "uid_map", all)) && !write_proc(pid, "uid_map", user))
        return false;
    return (is_root && write_proc(pid, "gid_map", all)) ||
           (write_proc(pid, "setgroups", "deny") && write_proc(pid, "gid_map", group));
}

/* The /proc that the first process of a namespace sees; -1: it cannot be had, or is the one of all. */
static int open_proc_of(const struct watch *w, pid_t pid)
{
    char path[64];
    struct stat own, all;
    snprintf(path, sizeof path, "/proc/%ld/root/proc", (long)pid);
    const int number = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (number >= 0 && fstat(number, &own) == 0 && fstat(w->proc, &all) == 0 && own.st_dev != all.st_dev)
        return number;
    if (number >= 0)
        close(number);
    return -1;
}

/* Starts the command in the namespaces of `flags`; false: something is refused, and nothing is left of it. */
static bool start_contained(struct watch *w, unsigned long flags)
{
    struct mlg_supervision *s = w->s;
    int go[2], status[2];
    if (pipe2(go, O_CLOEXEC) != 0)
        return false;
    if (pipe2(status, O_CLOEXEC) != 0) {
        close(go[0]), close(go[1]);
        return false;
    }
    const pid_t pid = split(flags);
    if (pid == 0) {
        close(go[1]), close(status[0]);
        become_contained(w, flags, go[0], status[1]);
    }
    s->isolation_problem = errno;
    s->isolation_stage = MLG_STAGE_NAMESPACES;
    close(go[0]), close(status[1]);
    bool is_ready = pid > 0;
    if (is_ready && flags & CLONE_NEWUSER && !map_identity(pid)) {
        s->isolation_problem = errno;
        s->isolation_stage = MLG_STAGE_IDENTITY;
        is_ready = false;
    }
    if (is_ready)
        tell(go[1], 'g');
    close(go[1]);
    char word;
    is_ready = is_ready && read(status[0], &word, 1) == 1;
    if (is_ready) {
        w->child = pid;
        w->is_namespace = (flags & CLONE_NEWPID) != 0;
        w->status = status[0];
        fcntl(w->status, F_SETFL, O_NONBLOCK);
        if (w->is_namespace)
            w->own_proc = open_proc_of(w, pid);
        return true;
    }
    close(status[0]);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    return false;
}

/* In namespaces of these kinds. A user who may do it needs no namespace of users, and without one nothing
 * changes about who owns which file. Segments of memory, semaphores and queues of messages are its own, too,
 * unless the system knows or allows no namespaces of these. */
static bool start_apart(struct watch *w, unsigned long flags)
{
    static const unsigned long more[] = {CLONE_NEWIPC, CLONE_NEWIPC | CLONE_NEWUSER, 0, CLONE_NEWUSER};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        if (start_contained(w, flags | more[i]))
            return true;
    return false;
}

/* The most that the system allows of what is wanted. */
static bool start(struct watch *w)
{
    enum { NET = CLONE_NEWNET, PROCESSES = CLONE_NEWPID | CLONE_NEWNS };
    static const struct {
        unsigned isolation;
        unsigned long flags;
    } ways[] = {{MLG_ISOLATE_NETWORK | MLG_ISOLATE_PROCESSES, NET | PROCESSES},
                {MLG_ISOLATE_PROCESSES, PROCESSES},
                {MLG_ISOLATE_NETWORK, NET}};
    struct mlg_supervision *s = w->s;
    const unsigned wanted = w->order->isolation & (MLG_ISOLATE_NETWORK | MLG_ISOLATE_PROCESSES);
    const unsigned needed = mlg_has_own_paths(w->order) ? MLG_ISOLATE_PROCESSES : 0;
    enum mlg_stage stage = MLG_STAGE_NONE;
    int problem = 0;
    for (size_t i = 0; i < sizeof ways / sizeof *ways && !s->without_namespaces; i++) {
        if ((ways[i].isolation & ~wanted) != 0 || (needed & ~ways[i].isolation) != 0)
            continue;
        if (start_apart(w, ways[i].flags)) {
            s->isolation = ways[i].isolation;
            break;
        }
        if (stage == MLG_STAGE_NONE) { /* the first is what was wanted */
            stage = s->isolation_stage;
            problem = s->isolation_problem;
        }
    }
    s->isolation_stage = wanted && s->without_namespaces ? MLG_STAGE_SWITCHED_OFF : stage;
    s->isolation_problem = problem;
    if (w->child > 0)
        return true;
    if (needed) {
        s->problem = problem ? problem : EPERM;
        return false;
    }
    const pid_t self = getpid();
    if (w->order->hidden)
        chmod(w->order->hidden, 0);
    w->child = split(0);
    if (w->child == 0)
        become_command(w, self);
    s->problem = w->child < 0 ? errno : 0;
    return w->child > 0;
}

/* ---- streams
 * -------------------------------------------------------------------------------------------------- */

static void keep(struct mlg_supervised_stream *stream, const char *bytes, size_t size)
{
    if (size > stream->size) {
        stream->total += size - stream->size;
        bytes += size - stream->size;
        size = stream->size;
    }
    while (size > 0) {
        const size_t place = (size_t)(stream->total % stream->size);
        const size_t part = size < stream->size - place ? size : stream->size - place;
        memcpy(stream->kept + place, bytes, part);
        stream->total += part;
        bytes += part;
        size -= part;
    }
}

static void file(struct mlg_supervised_stream *stream, int number, const char *bytes, size_t size)
{
    const uint64_t room = MLG_COMMAND_FILE - stream->written;
    if (number < 0 || stream->file_problem)
        return;
    stream->was_cut |= size > room;
    size = size < room ? size : (size_t)room;
    while (size > 0) {
        const ssize_t written = write(number, bytes, size);
        if (written <= 0) {
            if (written < 0 && errno == EINTR)
                continue;
            stream->file_problem = written < 0 ? errno : EIO;
            return;
        }
        stream->written += (uint64_t)written;
        bytes += written;
        size -= (size_t)written;
    }
}

/* What is there, but no more than a few buffers at a time: time goes on for who prints without end. */
static bool drain(struct watch *w, int which)
{
    char buffer[65536];
    for (int turn = 0; turn < 16 && w->pipes[which] >= 0; turn++) {
        const ssize_t got = read(w->pipes[which], buffer, sizeof buffer);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return false;
        if (got <= 0) {
            close(w->pipes[which]);
            w->pipes[which] = -1;
            return false;
        }
        keep(&w->s->streams[which], buffer, (size_t)got);
        file(&w->s->streams[which], w->files[which], buffer, (size_t)got);
    }
    return w->pipes[which] >= 0;
}

/* ---- watching
 * ------------------------------------------------------------------------------------------------- */

static void collect(struct watch *w)
{
    struct rusage usage;
    int status;
    for (;;) {
        const pid_t pid = wait4(-1, &status, WNOHANG, &usage);
        if (pid == 0)
            return;
        if (pid < 0) {
            w->is_childless = errno == ECHILD;
            return;
        }
        if (pid != w->child)
            continue;
        w->child = 0;
        w->is_over = true;
        if (!w->s->is_collected) { /* else the first process of the namespace has told already */
            w->s->status = status;
            w->s->resident = w->is_namespace ? 0 : usage.ru_maxrss;
            w->s->is_collected = true;
        }
    }
}

/* Waits until something happens, `seconds` at most. */
static void turn(struct watch *w, double seconds)
{
    struct pollfd set[] = {{.fd = w->life, .events = POLLIN},
                           {.fd = w->signals, .events = POLLIN},
                           {.fd = w->status, .events = POLLIN},
                           {.fd = w->pipes[0], .events = POLLIN},
                           {.fd = w->pipes[1], .events = POLLIN}};
    struct signalfd_siginfo signal;
    char word;
    const int wait = seconds <= 0 ? 0 : seconds > 60 ? 60000 : (int)(seconds * 1000) + 1;
    if (poll(set, sizeof set / sizeof *set, wait) <= 0)
        return;
    w->asker_is_gone |= (set[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
    while (set[1].revents && read(w->signals, &signal, sizeof signal) > 0)
        continue;
    if (set[2].revents) {
        if (read(w->status, &word, 1) == 1) {
            w->is_over |= w->is_namespace;
        } else {
            close(w->status);
            w->status = -1;
        }
    }
    for (int i = 0; i < 2; i++)
        if (set[3 + i].revents)
            drain(w, i);
    collect(w);
}

/* Of all processes, as the supervisor sees them: those in a namespace have another number in it. */
static bool is_first(const struct watch *w, const struct mlg_process *process)
{
    return w->is_namespace && w->processes.proc == w->proc && process->pid == w->child;
}

static double used(void) /* seconds of a processor */
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Reads all of /proc or, where there is one, that of the namespace, in which the machine's other processes
 * need not be read; counts what is alive, but for the first process of a namespace, which is ours. */
static unsigned look_at(struct watch *w, int proc, uint64_t *memory)
{
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    unsigned alive = 0;
    const double begun = used();
    *memory = 0;
    if (!mlg_processes_read(&w->processes, proc, proc == w->proc ? getpid() : 1))
        return 0;
    for (size_t i = 0; i < w->processes.count; i++) {
        const struct mlg_process *process = &w->processes.items[i];
        if (!process->is_ours || process->is_dead || is_first(w, process))
            continue;
        alive++;
        *memory += process->pages * page;
    }
    const double now = mlg_now(), least = (used() - begun) / cost_of_looks;
    const struct mlg_command_limits *limits = &w->order->limits;
    const double steady = limits->memory || limits->processes ? steady_look : idle_look;
    w->pause = 2 * w->pause < steady ? 2 * w->pause : steady;
    w->pause = w->pause < least ? least : w->pause;
    if (now - w->looked > w->s->interval)
        w->s->interval = now - w->looked;
    w->looked = now;
    w->next_look = now + w->pause;
    return alive;
}

static unsigned look(struct watch *w, uint64_t *memory)
{
    return look_at(w, w->own_proc >= 0 ? w->own_proc : w->proc, memory);
}

/* Memory that several processes share is counted in each of them; this asks for their shares, which takes
 * longer. */
static uint64_t shared_out(const struct watch *w, uint64_t memory)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < w->processes.count; i++) {
        const struct mlg_process *process = &w->processes.items[i];
        if (process->is_ours && !process->is_dead && !is_first(w, process))
            sum += mlg_process_memory(&w->processes, process);
    }
    return sum < memory ? sum : memory;
}

static unsigned look_closely(struct watch *w, uint64_t *memory)
{
    const unsigned alive = look(w, memory);
    if (alive > 1 && *memory > w->s->peak)
        *memory = shared_out(w, *memory);
    return alive;
}

static bool is_beyond(const struct mlg_command_limits *limits, uint64_t memory, unsigned alive)
{
    return (limits->memory && memory > limits->memory) || (limits->processes && alive > limits->processes);
}

static bool look_at_limits(struct watch *w)
{
    const struct mlg_command_limits *limits = &w->order->limits;
    uint64_t memory, again;
    unsigned alive = look_closely(w, &memory);
    /* Once more: processes that begin or end while they are counted may count twice. */
    if (is_beyond(limits, memory, alive)) {
        alive = look_closely(w, &again);
        memory = again < memory ? again : memory;
    }
    if (memory > w->s->peak)
        w->s->peak = memory;
    if (!is_beyond(limits, memory, alive))
        return false;
    w->s->end =
        limits->memory && memory > limits->memory ? MLG_COMMAND_OUT_OF_MEMORY : MLG_COMMAND_MULTIPLIED;
    return true;
}

/* Until the command ends, or has to be ended. */
static void watch(struct watch *w)
{
    const struct mlg_command_limits *limits = &w->order->limits;
    const double deadline = w->started + limits->timeout;
    while (!w->is_over && !w->asker_is_gone) {
        const double now = mlg_now();
        double wait = w->next_look - now;
        if (limits->timeout > 0 && deadline - now < wait)
            wait = deadline - now;
        turn(w, wait);
        if (w->is_over)
            return;
        const double after = mlg_now();
        if (limits->timeout > 0 && after >= deadline) {
            w->s->end = MLG_COMMAND_TIMED_OUT;
            return;
        }
        if (limits->output && w->s->streams[0].total + w->s->streams[1].total > limits->output) {
            w->s->end = MLG_COMMAND_TALKED_ON;
            return;
        }
        if (after >= w->next_look && look_at_limits(w))
            return;
    }
}

/* ---- ending
 * ---------------------------------------------------------------------------------------------------- */

/* To all that is alive; returns how many. */
static unsigned signal_all(struct watch *w, int number)
{
    uint64_t memory;
    const unsigned alive = look_at(w, w->proc, &memory); /* in a namespace they have other numbers */
    for (size_t i = 0; i < w->processes.count; i++) {
        const struct mlg_process *process = &w->processes.items[i];
        if (process->is_ours && !is_first(w, process))
            kill(process->pid, number);
    }
    return alive;
}

static bool is_alone(struct watch *w)
{
    uint64_t memory;
    collect(w);
    return w->is_childless || look(w, &memory) == 0;
}

static void wait_for_the_end(struct watch *w, double seconds)
{
    const double until = mlg_now() + seconds;
    double step = 0.002;
    while (!w->asker_is_gone && !is_alone(w)) {
        const double now = mlg_now();
        if (now >= until)
            return;
        turn(w, until - now < step ? until - now : step);
        step = step < 0.05 ? 2 * step : step;
    }
}

/* Ends all that there is: asks first, where there is grace. */
static void end_all(struct watch *w, double grace)
{
    const double until = mlg_now() + grace + last_wait;
    if (grace > 0 && !w->asker_is_gone && signal_all(w, SIGTERM) > 0) {
        signal_all(w, SIGCONT);
        wait_for_the_end(w, grace);
    }
    while (!w->is_childless && mlg_now() < until) {
        if (w->is_namespace && w->child > 0)
            kill(w->child, SIGKILL); /* and with it, at once, all of its namespace */
        else
            signal_all(w, SIGKILL);
        if (!w->is_namespace && w->child > 0)
            kill(-w->child, SIGKILL); /* even where /proc cannot be read */
        collect(w);
        if (!w->is_childless)
            turn(w, 0.005);
        collect(w);
    }
    w->s->is_unended = !w->is_childless;
}

static void note_left_behind(struct watch *w)
{
    struct mlg_supervision *s = w->s;
    uint64_t memory;
    unsigned names = 0;
    wait_for_the_end(w, patience);
    collect(w);
    if (w->is_childless || w->asker_is_gone)
        return;
    s->left_behind = look(w, &memory);
    for (size_t i = 0; i < w->processes.count && names < 3; i++) {
        const struct mlg_process *process = &w->processes.items[i];
        if (process->is_ours && !process->is_dead && !is_first(w, process))
            memcpy(s->names[names++], process->name, sizeof s->names[0]);
    }
}

/* ---- the supervisor
 * ---------------------------------------------------------------------------------------------- */

static bool open_all(struct watch *w)
{
    const char *const paths[] = {w->order->output_path, w->order->error_path};
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    w->nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int i = 0; i <= 2; i++) /* nothing of the asker's is held open: it may end before this one */
        dup2(w->nothing, i);
    w->signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    w->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* without it limits are not watched */
    if (w->nothing < 0 || w->signals < 0 || !mlg_processes_init(&w->processes))
        return false;
    for (int i = 0; i < 2; i++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0)
            return false;
        w->pipes[i] = ends[0];
        w->ends[i] = ends[1];
        fcntl(ends[0], F_SETFL, O_NONBLOCK);
        if (!paths[i])
            continue;
        w->files[i] =
            open(paths[i], O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK, 0600);
        if (w->files[i] < 0)
            w->s->streams[i].file_problem = errno;
    }
    return true;
}

static void conclude(struct watch *w)
{
    struct mlg_supervision *s = w->s;
    for (int i = 0; i < 2; i++) {
        while (drain(w, i)) /* all who could print have ended: what is there is the rest */
            continue;
        if (w->files[i] >= 0 && close(w->files[i]) != 0 && !s->streams[i].file_problem)
            s->streams[i].file_problem = errno;
    }
    /* A child counts with what its parent had before it ran another program: told only where it is more. */
    if (s->resident > w->inherited && (uint64_t)s->resident * 1024 > s->peak)
        s->peak = (uint64_t)s->resident * 1024;
    if (s->end == MLG_COMMAND_EXITED && WIFSIGNALED(s->status))
        s->end = MLG_COMMAND_SIGNALLED;
    if (s->stage != MLG_STAGE_NONE)
        s->end = MLG_COMMAND_DID_NOT_START;
}

static bool has_faketime(const struct mlg_command_order *order)
{
    const char *libraries = mlg_command_variable(order->environment, "LD_PRELOAD");
    return libraries && strstr(libraries, "libfaketime");
}

_Noreturn void mlg_guard(const char *directory, int life)
{
    char word;
    setsid();
    close_range_of(0, 2); /* whoever reads what the asker writes must not wait for this one */
    close_all_but(life);
    while (read(life, &word, 1) < 0 && errno == EINTR)
        continue;
    mlg_remove_tree(directory);
    _exit(0);
}

_Noreturn void mlg_supervise(struct mlg_supervision *supervision, int life)
{
    struct watch w = {.s = supervision,
                      .order = supervision->order,
                      .life = life,
                      .signals = -1,
                      .status = -1,
                      .proc = -1,
                      .own_proc = -1,
                      .pipes = {-1, -1},
                      .files = {-1, -1},
                      .ends = {-1, -1},
                      .pause = first_look / 2};
    struct rusage usage;
    struct timespec begun; /* by the clock that tells when files are made */
    const double given = w.order->limits.grace;
    const double grace = given < 0 ? 0 : given == 0 ? MLG_COMMAND_GRACE : given;
    signal(SIGCHLD, SIG_DFL); /* where it is ignored, nobody learns how a child has ended */
    setsid();
    close_all_but(life);
    prctl(PR_SET_CHILD_SUBREAPER, 1L);
    getrusage(RUSAGE_SELF, &usage);
    w.inherited = usage.ru_maxrss;
    bool is_started = open_all(&w);
    supervision->problem = is_started ? 0 : errno;
    clock_gettime(CLOCK_REALTIME_COARSE, &begun);
    w.started = w.looked = mlg_now();
    is_started = is_started && start(&w);
    w.next_look = mlg_now() + first_look;
    close(w.ends[0]), close(w.ends[1]);
    if (!is_started) {
        supervision->stage = MLG_STAGE_SUPERVISE;
    } else {
        if (!w.is_namespace)
            supervision->command = w.child;
        watch(&w);
        supervision->seconds = mlg_now() - w.started;
        if (w.is_over && supervision->end == MLG_COMMAND_EXITED)
            note_left_behind(&w);
        end_all(&w, supervision->end == MLG_COMMAND_OUT_OF_MEMORY ? 0 : grace);
    }
    conclude(&w);
    if (is_started && !w.is_namespace && has_faketime(w.order)) /* in a namespace numbers are others */
        mlg_leftovers_of_faketime(&begun);
    if (w.order->hidden && !supervision->is_hidden)
        chmod(w.order->hidden, 0700);
    if (w.asker_is_gone && w.order->temporary)
        mlg_remove_tree(w.order->temporary);
    atomic_store(&supervision->is_finished, true);
    _exit(0);
}
