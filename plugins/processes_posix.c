/* processes_posix.c: which processes there are, read with system calls alone. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "command_private.h"

enum { MOST_PROCESSES = 1 << 17, NUMBERS = 1 << 22 /* the most that Linux gives a process */ };

double mlg_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* What getdents64 fills in; the C library has it, but allocates. */
struct entry {
    uint64_t number;
    int64_t offset;
    unsigned short size;
    unsigned char type;
    char name[];
};

int mlg_each_name(int directory, int (*each)(void *context, const char *name), void *context)
{
    _Alignas(struct entry) char buffer[8192];
    for (;;) {
        const long got = syscall(SYS_getdents64, directory, buffer, sizeof buffer);
        if (got < 0)
            return -errno;
        if (got == 0)
            return 0;
        for (long place = 0; place < got;) {
            const struct entry *entry = (const struct entry *)(void *)(buffer + place);
            place += entry->size;
            if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0)
                continue;
            const int code = each(context, entry->name);
            if (code)
                return code;
        }
    }
}

static void *pages(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

bool mlg_processes_init(struct mlg_processes *processes)
{
    *processes = (struct mlg_processes){.capacity = MOST_PROCESSES, .proc = -1};
    processes->items = pages(sizeof *processes->items * MOST_PROCESSES); /* only what is used is ever there */
    processes->marks = pages(NUMBERS / 8);
    return processes->items && processes->marks;
}

/* The first bytes of a file below /proc, zero-terminated. */
static bool read_proc(int proc, pid_t pid, const char *name, char *out, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "%ld/%s", (long)pid, name);
    const int number = openat(proc, path, O_RDONLY | O_CLOEXEC);
    if (number < 0)
        return false;
    const ssize_t got = read(number, out, size - 1);
    close(number);
    out[got > 0 ? got : 0] = '\0';
    return got > 0;
}

/* "12 (name) S 1 ...": the name may hold anything, so that its end is the last ')'. Field 20 counts threads,
 * 24 pages. A process whose first thread has ended looks like a dead one, but for its other threads. */
static bool parse(const char *text, struct mlg_process *process)
{
    const char *open = strchr(text, '('), *close = strrchr(text, ')');
    if (!open || !close || close < open || close[1] != ' ')
        return false;
    const size_t size = (size_t)(close - open - 1);
    const size_t room = sizeof process->name - 1;
    memset(process->name, 0, sizeof process->name);
    memcpy(process->name, open + 1, size < room ? size : room);
    const char *field = close + 2;
    process->is_dead = *field == 'Z' || *field == 'X';
    process->parent = (pid_t)strtol(field + 1, NULL, 10);
    for (int i = 3; i < 24 && field; i++) {
        if (i == 20 && strtol(field, NULL, 10) > 1)
            process->is_dead = false;
        field = strchr(field, ' ');
        field = field ? field + 1 : NULL;
    }
    process->pages = field ? (uint32_t)strtoul(field, NULL, 10) : 0;
    return true;
}

static int read_process(void *context, const char *name)
{
    struct mlg_processes *processes = context;
    char text[1024];
    if (name[0] < '1' || name[0] > '9')
        return 0;
    struct mlg_process *process = &processes->items[processes->count];
    process->pid = (pid_t)strtol(name, NULL, 10);
    process->is_ours = false;
    if (process->pid >= NUMBERS || !read_proc(processes->proc, process->pid, "stat", text, sizeof text) ||
        !parse(text, process))
        return 0; /* it has ended meanwhile */
    return ++processes->count == processes->capacity;
}

static bool marked(const struct mlg_processes *processes, pid_t pid)
{
    return pid > 0 && pid < NUMBERS && (processes->marks[pid / 8] >> (pid % 8) & 1);
}

static void mark(struct mlg_processes *processes, pid_t pid, bool on)
{
    const unsigned bit = 1U << (pid % 8);
    if (on)
        processes->marks[pid / 8] |= (uint8_t)bit;
    else
        processes->marks[pid / 8] &= (uint8_t)~bit;
}

bool mlg_processes_read(struct mlg_processes *processes, int proc, pid_t root)
{
    processes->count = 0;
    processes->proc = proc;
    if (lseek(proc, 0, SEEK_SET) != 0)
        return false;
    const int code = mlg_each_name(proc, read_process, processes);
    mark(processes, root, true);
    /* Parents mostly have smaller numbers and come first: a round or two. */
    for (bool is_changed = true; is_changed;) {
        is_changed = false;
        for (size_t i = 0; i < processes->count; i++) {
            struct mlg_process *process = &processes->items[i];
            if (process->is_ours || process->pid == root || !marked(processes, process->parent))
                continue;
            process->is_ours = is_changed = true;
            mark(processes, process->pid, true);
        }
    }
    mark(processes, root, false);
    for (size_t i = 0; i < processes->count; i++)
        mark(processes, processes->items[i].pid, false);
    return code >= 0;
}

uint64_t mlg_process_memory(const struct mlg_processes *processes, const struct mlg_process *process)
{
    char text[1024];
    const char *line = NULL;
    if (read_proc(processes->proc, process->pid, "smaps_rollup", text, sizeof text) &&
        (line = strstr(text, "\nPss:")))
        return (uint64_t)strtoull(line + 5, NULL, 10) * 1024;
    /* It has ended meanwhile, or may not be looked into. */
    struct mlg_process again = *process;
    if (!read_proc(processes->proc, process->pid, "stat", text, sizeof text) || !parse(text, &again) ||
        again.is_dead)
        return 0;
    return again.pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* ---- who else is there --------------------------------------------------------------------------------- */

/* Is `below` the process `above`, or did that start it, or what started it? */
static bool descends(int proc, pid_t below, pid_t above)
{
    char text[1024];
    for (int turn = 0; below > 0 && turn < 1000; turn++) {
        struct mlg_process process;
        if (below == above)
            return true;
        if (!read_proc(proc, below, "stat", text, sizeof text) || !parse(text, &process))
            return false;
        below = process.parent;
    }
    return false;
}

/* 1: a process of this user that has nothing to do with this one. */
static int is_another(void *context, const char *name)
{
    const int proc = *(const int *)context;
    const pid_t pid = (pid_t)strtol(name, NULL, 10), own = getpid();
    struct stat status;
    return pid > 0 && fstatat(proc, name, &status, 0) == 0 && status.st_uid == geteuid() &&
           !descends(proc, own, pid) && !descends(proc, pid, own);
}

bool mlg_processes_are_ours(void *self)
{
    (void)self;
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const int found = proc < 0 ? -1 : mlg_each_name(proc, is_another, &proc);
    if (proc >= 0)
        close(proc);
    return found == 0;
}
