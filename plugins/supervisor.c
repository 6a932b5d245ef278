/* supervisor.c: a small process between the one that asks and the command, so that nothing outlives a run.
 *
 * It is the reaper of all that the command starts: whoever loses its parent becomes its child, whatever
 * session it has gone to, and so is found and ended. It waits on a pipe that closes with the asker, however
 * that ends. Where the system allows it, the command has a namespace of processes besides, which the kernel
 * clears when its first process ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "command_private.h"

static const double first_look = 0.01, steady_look = 0.05, idle_look = 0.2; /* seconds between looks */
static const double cost_of_looks = 0.02; /* the share of a processor that looking may take */
static const double patience = 0.25;      /* for what ends by itself, just after the command */
static const double last_wait = 10; /* for a process that SIGKILL does not end: it hangs in the kernel */

/* ---- streams --------------------------------------------------------------------------------------- */

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
static bool drain(struct mlg_watch *w, int which)
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

/* ---- watching -------------------------------------------------------------------------------------- */

static void collect(struct mlg_watch *w)
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
static void turn(struct mlg_watch *w, double seconds)
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
static bool is_first(const struct mlg_watch *w, const struct mlg_process *process)
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
static unsigned look_at(struct mlg_watch *w, int proc, uint64_t *memory)
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

static unsigned look(struct mlg_watch *w, uint64_t *memory)
{
    return look_at(w, w->own_proc >= 0 ? w->own_proc : w->proc, memory);
}

/* Memory that several processes share is counted in each of them; this asks for their shares, which takes
 * longer. */
static uint64_t shared_out(const struct mlg_watch *w, uint64_t memory)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < w->processes.count; i++) {
        const struct mlg_process *process = &w->processes.items[i];
        if (process->is_ours && !process->is_dead && !is_first(w, process))
            sum += mlg_process_memory(&w->processes, process);
    }
    return sum < memory ? sum : memory;
}

static unsigned look_closely(struct mlg_watch *w, uint64_t *memory)
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

static bool look_at_limits(struct mlg_watch *w)
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
static void watch(struct mlg_watch *w)
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

/* ---- ending ---------------------------------------------------------------------------------------- */

/* To all that is alive; returns how many. */
static unsigned signal_all(struct mlg_watch *w, int number)
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

static bool is_alone(struct mlg_watch *w)
{
    uint64_t memory;
    collect(w);
    return w->is_childless || look(w, &memory) == 0;
}

static void wait_for_the_end(struct mlg_watch *w, double seconds)
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
static void end_all(struct mlg_watch *w, double grace)
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

static void note_left_behind(struct mlg_watch *w)
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

/* ---- the supervisor -------------------------------------------------------------------------------- */

static bool open_all(struct mlg_watch *w)
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

static void conclude(struct mlg_watch *w)
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
    /* Between two looks it may have had more for a moment. */
    const uint64_t most = w->order->limits.memory;
    if (s->end == MLG_COMMAND_EXITED && most > 0 && s->peak > most)
        s->end = MLG_COMMAND_OUT_OF_MEMORY;
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
    for (int number = 0; number <= 2; number++)
        close(number); /* whoever reads what the asker writes must not wait for this one */
    mlg_close_all_but(life);
    while (read(life, &word, 1) < 0 && errno == EINTR)
        continue;
    mlg_remove_tree(directory);
    _exit(0);
}

_Noreturn void mlg_supervise(struct mlg_supervision *supervision, int life)
{
    struct mlg_watch w = {.s = supervision,
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
    mlg_close_all_but(life);
    prctl(PR_SET_CHILD_SUBREAPER, 1L);
    getrusage(RUSAGE_SELF, &usage);
    w.inherited = usage.ru_maxrss;
    bool is_started = open_all(&w);
    supervision->problem = is_started ? 0 : errno;
    clock_gettime(CLOCK_REALTIME_COARSE, &begun);
    w.started = w.looked = mlg_now();
    is_started = is_started && mlg_start_contained(&w);
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
