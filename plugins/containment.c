/* containment.c: starts the command, in namespaces of its own as far as the system allows them. */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command_private.h"

/* ---- the command's side ---------------------------------------------------------------------------- */

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

void mlg_close_all_but(int kept)
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

static bool write_small(const char *path, const char *text)
{
    const int number = open(path, O_WRONLY | O_CLOEXEC);
    if (number < 0)
        return false;
    const bool is_written = write(number, text, strlen(text)) == (ssize_t)strlen(text);
    close(number);
    return is_written;
}

static void reset_signals(void)
{
    sigset_t none;
    for (int number = 1; number <= SIGRTMAX; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn static void become_command(const struct mlg_watch *w, pid_t parent)
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

/* ---- namespaces ------------------------------------------------------------------------------------ */

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
_Noreturn static void become_first(struct mlg_watch *w, int status)
{
    struct mlg_supervision *s = w->s;
    struct rusage usage;
    skip_numbers(w->order->skipped);
    const pid_t command = split(0);
    if (command == 0)
        become_command(w, 1);
    if (command < 0)
        fail_to_start(s, MLG_STAGE_SUPERVISE, errno);
    mlg_close_all_but(status);
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
_Noreturn static void become_contained(struct mlg_watch *w, unsigned long flags, int go, int status)
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
    return write_small(path, text);
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
static int open_proc_of(const struct mlg_watch *w, pid_t pid)
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
static bool start_contained(struct mlg_watch *w, unsigned long flags)
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
static bool start_apart(struct mlg_watch *w, unsigned long flags)
{
    static const unsigned long more[] = {CLONE_NEWIPC, CLONE_NEWIPC | CLONE_NEWUSER, 0, CLONE_NEWUSER};
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        if (start_contained(w, flags | more[i]))
            return true;
    return false;
}

bool mlg_start_contained(struct mlg_watch *w)
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
