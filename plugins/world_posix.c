/* world_posix.c: the real world. What touches the outside stands here and, for commands, in command_posix.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "plugins.h"

/* strerror speaks the language of the locale and a capital letter; these are the usual ones. */
const char *mlg_posix_reason(int number)
{
    switch (number) {
    case ENOENT:
        return "no such file";
    case EACCES:
    case EPERM:
        return "permission denied";
    case EEXIST:
        return "it is there already";
    case EISDIR:
        return "it is a directory";
    case ENOTDIR:
        return "a part of the path is not a directory";
    case ENOSPC:
        return "no space left on the device";
    case EDQUOT:
        return "the quota is used up";
    case EROFS:
        return "the file system is read-only";
    case EPIPE:
        return "the reader has closed the pipe";
    case EBADF:
        return "it is closed";
    case EMFILE:
    case ENFILE:
        return "too many open files";
    case ENAMETOOLONG:
        return "the name is too long";
    case ELOOP:
        return "too many symbolic links";
    case EFBIG:
        return "the file would be too large";
    case EIO:
        return "input/output error";
    default:
        return strerror(number);
    }
}

/* ---- reading ------------------------------------------------------------------------------------- */

static int descriptor(const struct mlg_file *file)
{
    return (int)(intptr_t)file->handle;
}

static int64_t modified(const struct stat *status)
{
    return (int64_t)status->st_mtim.tv_sec * 1000000000 + status->st_mtim.tv_nsec;
}

static const long pipe_file_system = 0x50495045; /* PIPEFS_MAGIC */

/* Does somebody write to the pipe that was opened, or has done so? What lies in a directory may never have a
 * writer; one that has been started already gets a second. A pipe without a name, as a shell makes for
 * <(command), was never to be waited for. */
static bool has_writer(int number)
{
    enum { ROUNDS = 100, ROUND = 10 /* milliseconds */ };
    struct statfs system;
    struct pollfd wanted = {.fd = number, .events = POLLIN};
    int other[2];
    if (fstatfs(number, &system) == 0 && (long)system.f_type == pipe_file_system)
        return true;
    if (pipe2(other, O_CLOEXEC | O_NONBLOCK) != 0)
        return false;
    bool is_there = false;
    for (int round = 0; round < ROUNDS && !is_there;
         round++) /* without data but with a writer it is EAGAIN */
        is_there = tee(number, other[1], 1, SPLICE_F_NONBLOCK) != 0 || poll(&wanted, 1, ROUND) > 0;
    close(other[0]);
    close(other[1]);
    return is_there;
}

/* Opening a pipe would wait for its writer. Returns a descriptor, or -1 and errno. */
static int open_at_once(const char *path)
{
    static const int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY;
    const int number = open(path, flags | O_NONBLOCK);
    if (number < 0)
        return errno == EWOULDBLOCK ? open(path, flags) : -1; /* somebody has a lease, and gives it back */
    const int now = fcntl(number, F_GETFL);
    if (now >= 0)
        fcntl(number, F_SETFL, now & ~O_NONBLOCK);
    return number;
}

static int posix_open(void *self, const char *path, struct mlg_file *file, struct mlg_error *error)
{
    (void)self;
    bool standard = strcmp(path, "-") == 0;
    int number = standard ? STDIN_FILENO : open_at_once(path);
    struct stat status;
    if (number < 0 || fstat(number, &status) != 0) {
        int code = mlg_error_set(error, MLG_WORLD, "cannot read '%s': %s", path, mlg_posix_reason(errno));
        if (number >= 0 && !standard)
            close(number);
        return code;
    }
    if (S_ISDIR(status.st_mode)) {
        if (!standard)
            close(number);
        return mlg_error_set(error, MLG_WORLD, "cannot read '%s': %s", path, mlg_posix_reason(EISDIR));
    }
    if (S_ISFIFO(status.st_mode) && !standard && !has_writer(number)) {
        close(number);
        return mlg_error_set(error, MLG_WORLD, "cannot read '%s': it is a pipe, and nobody writes to it",
                             path);
    }
    /* Standard input is a stream even where it is a file: it need not stand at its beginning. */
    bool whole = S_ISREG(status.st_mode) && !standard;
    file->handle = (void *)(intptr_t)number;
    file->size = whole ? (int64_t)status.st_size : -1;
    file->modified = whole ? modified(&status) : 0;
    return MLG_OK;
}

static int64_t posix_read(void *self, struct mlg_file *file, int64_t offset, void *buffer, size_t size,
                          struct mlg_error *error)
{
    (void)self;
    size_t done = 0;
    while (done < size) {
        char *place = (char *)buffer + done;
        ssize_t got = file->size < 0
                          ? read(descriptor(file), place, size - done)
                          : pread(descriptor(file), place, size - done, (off_t)offset + (off_t)done);
        if (got == 0)
            break;
        if (got > 0) {
            done += (size_t)got;
        } else if (errno != EINTR) {
            mlg_error_set(error, MLG_WORLD, "%s", mlg_posix_reason(errno));
            return -1;
        }
    }
    return (int64_t)done;
}

static int posix_stat(void *self, struct mlg_file *file, int64_t *size, int64_t *time)
{
    (void)self;
    struct stat status;
    if (fstat(descriptor(file), &status) != 0)
        return MLG_WORLD;
    *size = file->size < 0 ? -1 : (int64_t)status.st_size;
    *time = file->size < 0 ? 0 : modified(&status);
    return MLG_OK;
}

static void posix_close(void *self, struct mlg_file *file)
{
    (void)self;
    if (descriptor(file) != STDIN_FILENO)
        close(descriptor(file));
    file->handle = (void *)(intptr_t)-1;
}

/* ---- where a path leads -------------------------------------------------------------------------- */

enum { LINKS_FOLLOWED = 40 };
static const long proc_file_system = 0x9fa0; /* PROC_SUPER_MAGIC */

/* What a report's path stands for, links of its last part followed. */
struct location {
    char target[PATH_MAX];
    bool is_there;
    bool is_stream; /* a device, a pipe, an open descriptor: can be written to, never replaced */
};

static void directory_of(const char *path, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    size_t size = !slash ? 0 : slash == path ? 1 : (size_t)(slash - path);
    memcpy(out, path, size);
    out[size] = '\0';
    if (size == 0)
        memcpy(out, ".", 2);
}

/* A link of /proc/self/fd shows a path, but leads to the open file itself, whatever that path holds by now.
 */
static bool lies_in_proc(const char *path)
{
    char directory[PATH_MAX];
    struct statfs system;
    directory_of(path, directory);
    return statfs(directory, &system) == 0 && (long)system.f_type == proc_file_system;
}

/* One link further: what the link at `path` holds, beside it where it is relative. Returns 0 or an errno. */
static int follow(char path[PATH_MAX])
{
    char text[PATH_MAX];
    ssize_t got = readlink(path, text, sizeof text - 1);
    if (got < 0)
        return errno;
    text[got] = '\0';
    const char *slash = text[0] == '/' ? NULL : strrchr(path, '/');
    size_t kept = slash ? (size_t)(slash - path) + 1 : 0;
    if (kept + (size_t)got >= PATH_MAX)
        return ENAMETOOLONG;
    memcpy(path + kept, text, (size_t)got + 1);
    return 0;
}

/* Which descriptor of this process is it? -1: none. */
static int own_descriptor(const struct location *location)
{
    char directory[PATH_MAX], real[PATH_MAX], own[64];
    const char *name = strrchr(location->target, '/');
    directory_of(location->target, directory);
    int size = snprintf(own, sizeof own, "/proc/%ld/", (long)getpid());
    if (!name || !realpath(directory, real) || strncmp(real, own, (size_t)size) != 0)
        return -1;
    const char *last = strrchr(real, '/');
    name++;
    if (strcmp(last, "/fd") != 0 || strspn(name, "0123456789") != strlen(name) || strlen(name) > 8)
        return -1;
    return (int)strtol(name, NULL, 10);
}

/* Returns 0 or an errno: EISDIR for a directory, ELOOP for links in a circle. */
static int locate(const char *path, struct location *location)
{
    struct stat status;
    size_t size = strlen(path);
    *location = (struct location){.is_there = false};
    if (size == 0)
        return ENOENT;
    if (size >= sizeof location->target)
        return ENAMETOOLONG;
    if (path[size - 1] == '/')
        return EISDIR;
    memcpy(location->target, path, size + 1);
    for (int turn = 0; turn <= LINKS_FOLLOWED; turn++) {
        bool missing = lstat(location->target, &status) != 0;
        if (missing && errno != ENOENT)
            return errno;
        if (missing)
            return own_descriptor(location) >= 0 ? EBADF : 0;
        bool leads_on = S_ISLNK(status.st_mode);
        location->is_stream = leads_on && lies_in_proc(location->target);
        if (location->is_stream && stat(location->target, &status) != 0)
            return errno;
        if (!leads_on || location->is_stream) {
            location->is_there = true;
            location->is_stream |= !S_ISREG(status.st_mode);
            return S_ISDIR(status.st_mode) ? EISDIR : 0;
        }
        int problem = follow(location->target);
        if (problem)
            return problem;
    }
    return ELOOP;
}

/* A file is known by its number; one that is yet to be made by its directory's number and its name. */
struct identity {
    bool known;
    dev_t device;
    ino_t number;
    char name[NAME_MAX + 1];
};

static struct identity identify(const char *path)
{
    struct identity identity = {.known = false};
    struct location location;
    struct stat status;
    char directory[PATH_MAX];
    bool standard = strcmp(path, "-") == 0;
    if ((standard ? fstat(STDIN_FILENO, &status) : stat(path, &status)) == 0) {
        identity.known = S_ISREG(status.st_mode);
    } else if (!standard && locate(path, &location) == 0 && !location.is_there) {
        const char *slash = strrchr(location.target, '/'), *name = slash ? slash + 1 : location.target;
        directory_of(location.target, directory);
        identity.known = strlen(name) <= NAME_MAX && stat(directory, &status) == 0;
        if (identity.known)
            memcpy(identity.name, name, strlen(name) + 1);
    }
    if (identity.known) {
        identity.device = status.st_dev;
        identity.number = status.st_ino;
    }
    return identity;
}

static bool posix_same_file(void *self, const char *a, const char *b)
{
    (void)self;
    const struct identity one = identify(a), other = identify(b);
    return one.known && other.known && one.device == other.device && one.number == other.number &&
           strcmp(one.name, other.name) == 0;
}

/* ---- writing ------------------------------------------------------------------------------------- */

static int write_all(int number, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(number, bytes, size);
        if (written > 0) {
            bytes += written;
            size -= (size_t)written;
        } else if (written == 0 || errno != EINTR) {
            return written == 0 ? EIO : errno;
        }
    }
    return 0;
}

/* A new file beside `path`, whose name comes out in `name`. Returns its descriptor, or -1 and errno. */
static int open_temporary(const char *path, char name[PATH_MAX + 48])
{
    int number = -1;
    for (unsigned turn = 0; number < 0 && turn < 100; turn++) {
        snprintf(name, PATH_MAX + 48, "%s.%ld-%u.new", path, (long)getpid(), turn);
        number = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); /* less the umask */
        if (number < 0 && errno != EEXIST)
            break;
    }
    return number;
}

/* To the disk and closed. Returns `problem`, or else 0 or an errno. */
static int finish(int number, int problem)
{
    if (!problem && fsync(number) != 0 && errno != EINVAL && errno != ENOTSUP)
        problem = errno;
    if (close(number) != 0 && !problem)
        problem = errno;
    return problem;
}

/* Into a new file beside `path`, then in its place. Returns 0 or an errno. */
static int replace_file(const char *path, const char *bytes, size_t size)
{
    char temporary[PATH_MAX + 48];
    int number = open_temporary(path, temporary);
    if (number < 0)
        return errno;
    int problem = finish(number, write_all(number, bytes, size));
    if (!problem && rename(temporary, path) != 0)
        problem = errno;
    if (problem)
        unlink(temporary);
    return problem;
}

/* What cannot be replaced is written to. A descriptor of our own is used itself: opened anew, a file would be
 * written from its beginning, over what stands there. */
static int write_through(const struct location *location, const char *bytes, size_t size)
{
    int own = own_descriptor(location);
    int number = own >= 0 ? fcntl(own, F_DUPFD_CLOEXEC, 3)
                          : open(location->target, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY);
    if (number < 0)
        return errno;
    int problem = write_all(number, bytes, size);
    if (close(number) != 0 && !problem)
        problem = errno;
    return problem;
}

/* The reason that nothing can be made at `path`, where the system calls it missing. */
static const char *reason_of_missing(const char *path)
{
    struct location location;
    struct stat status;
    char directory[PATH_MAX];
    if (locate(path, &location) != 0)
        return mlg_posix_reason(ENOENT);
    directory_of(location.target, directory);
    return stat(directory, &status) == 0 ? "no file can be made in its directory"
                                         : "its directory does not exist";
}

static int refuse(const char *path, int problem, struct mlg_error *error)
{
    if (strcmp(path, "-") == 0)
        return mlg_error_set(error, MLG_WORLD, "cannot write to standard output: %s",
                             mlg_posix_reason(problem));
    return mlg_error_set(error, MLG_WORLD, "cannot write '%s': %s", path,
                         problem == ENOENT ? reason_of_missing(path) : mlg_posix_reason(problem));
}

static int posix_write(void *self, const char *path, const char *bytes, size_t size, struct mlg_error *error)
{
    (void)self;
    struct location location;
    int problem;
    if (strcmp(path, "-") == 0) {
        problem = write_all(STDOUT_FILENO, bytes, size);
    } else if ((problem = locate(path, &location)) == 0 && location.is_stream) {
        problem = write_through(&location, bytes, size);
    } else if (!problem) {
        problem = replace_file(location.target, bytes, size);
        if (problem)
            unlink(location.target);
    }
    return problem ? refuse(path, problem, error) : MLG_OK;
}

static int posix_append(void *self, const char *path, const char *bytes, size_t size, struct mlg_error *error)
{
    (void)self;
    int number = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666); /* less the umask */
    if (number < 0)
        return refuse(path, errno, error);
    int problem = write_all(number, bytes, size);
    if (close(number) != 0 && !problem)
        problem = errno;
    return problem ? refuse(path, problem, error) : MLG_OK;
}

static int posix_create(void *self, const char *path, const char *bytes, size_t size, bool *exists,
                        struct mlg_error *error)
{
    (void)self;
    int number = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); /* less the umask */
    *exists = number < 0 && errno == EEXIST;
    if (number < 0)
        return refuse(path, errno, error);
    int problem = finish(number, write_all(number, bytes, size));
    if (problem)
        unlink(path);
    return problem ? refuse(path, problem, error) : MLG_OK;
}

/* The directories above `path` that are not there. Returns 0 or an errno. */
static int make_directories(const char *path)
{
    char part[PATH_MAX];
    struct stat status;
    if (strlen(path) >= sizeof part)
        return ENAMETOOLONG;
    memcpy(part, path, strlen(path) + 1);
    for (char *slash = strchr(part + 1, '/'); part[0] && slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int problem = mkdir(part, 0777) == 0 ? 0 : errno;
        /* On a read-only disk even an existing one is refused. */
        if (problem && problem != EEXIST && stat(part, &status) != 0)
            return problem;
        *slash = '/';
    }
    return 0;
}

static int can_write_descriptor(int number)
{
    int flags = fcntl(number, F_GETFL);
    return flags < 0 || (flags & O_ACCMODE) == O_RDONLY ? EBADF : 0;
}

/* Finds out by doing it: rights alone do not tell about full disks, quotas and read-only mounts. */
static int try_file(const char *path)
{
    char temporary[PATH_MAX + 48];
    int number = open_temporary(path, temporary);
    if (number < 0)
        return errno;
    close(number);
    unlink(temporary);
    return 0;
}

static int posix_prepare(void *self, const char *path, bool *is_stream, struct mlg_error *error)
{
    (void)self;
    struct location location = {.is_stream = true};
    int problem, own;
    if (strcmp(path, "-") == 0)
        problem = can_write_descriptor(STDOUT_FILENO);
    else if ((problem = make_directories(path)) != 0)
        location.is_stream = false;
    else if ((problem = locate(path, &location)) == 0 && !location.is_stream)
        problem = try_file(location.target);
    else if (!problem && (own = own_descriptor(&location)) >= 0)
        problem = can_write_descriptor(own);
    else if (!problem && access(location.target, W_OK) != 0) /* opening a pipe would wait for its reader */
        problem = errno;
    *is_stream = location.is_stream;
    return problem ? refuse(path, problem, error) : MLG_OK;
}

static int posix_remove(void *self, const char *path, struct mlg_error *error)
{
    (void)self;
    struct location location;
    if (locate(path, &location) != 0 || !location.is_there || location.is_stream)
        return MLG_OK; /* nothing there that could look fresh */
    if (unlink(location.target) == 0 || errno == ENOENT)
        return MLG_OK;
    return mlg_error_set(error, MLG_WORLD, "cannot remove the old '%s': %s", path, mlg_posix_reason(errno));
}

static int posix_print(void *self, int stream, const char *bytes, size_t size)
{
    (void)self;
    return write_all(stream == 1 ? STDOUT_FILENO : STDERR_FILENO, bytes, size);
}

static bool posix_is_terminal(void *self, int stream)
{
    (void)self;
    return isatty(stream == 1 ? STDOUT_FILENO : STDERR_FILENO) == 1;
}

static void posix_progress(void *self, const char *path, int64_t done, int64_t total)
{
    struct mlg_posix *posix = self;
    mlg_progress_tell(&posix->progress, &posix->world, path, done, total);
}

/* ---- the machine --------------------------------------------------------------------------------- */

static const char openblas_threads[] = "OPENBLAS_NUM_THREADS";

/* As it was before this process set a variable for a library of its own: commands inherit what is told here.
 */
static const char *posix_environment(void *self, const char *name)
{
    const struct mlg_posix *posix = self;
    if (posix->hides_openblas_threads && strcmp(name, openblas_threads) == 0)
        return posix->openblas_threads;
    return getenv(name);
}

extern char **environ; /* POSIX has no header for it */

static const char *posix_variable(void *self, size_t index, size_t *size)
{
    (void)self;
    /* Nobody sets variables once the program has begun. */
    const char *variable = environ ? environ[index] : NULL;
    if (variable)
        *size = strcspn(variable, "=");
    return variable;
}

static double posix_seconds(void *self)
{
    (void)self;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int64_t posix_unix_time(void *self)
{
    (void)self;
    return (int64_t)time(NULL);
}

/* The first `size` - 1 bytes of a small file. */
static bool read_small(const char *path, char *out, size_t size)
{
    int number = open(path, O_RDONLY | O_CLOEXEC);
    if (number < 0)
        return false;
    ssize_t got = read(number, out, size - 1);
    close(number);
    out[got > 0 ? got : 0] = '\0';
    return got > 0;
}

/* A container's share of the processors: "max 100000", or "150000 100000" for one and a half. Every
 * group above may limit too. */
static unsigned within_quota(unsigned processors)
{
    char group[1024], path[sizeof group + 64], text[64];
    if (!read_small("/proc/self/cgroup", group, sizeof group))
        return processors;
    char *start = strstr(group, "0::/");
    if (!start)
        return processors;
    start += 3;
    start[strcspn(start, "\n")] = '\0';
    for (;;) {
        snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", strcmp(start, "/") == 0 ? "" : start);
        if (read_small(path, text, sizeof text)) {
            char *end;
            unsigned long long quota = strtoull(text, &end, 10);
            unsigned long long period = end > text ? strtoull(end, NULL, 10) : 0;
            unsigned long long share = period ? (quota + period - 1) / period : 0;
            if (share > 0 && share < processors)
                processors = (unsigned)share;
        }
        char *slash = strrchr(start, '/');
        if (!slash || slash[1] == '\0')
            return processors;
        slash[slash == start ? 1 : 0] = '\0';
    }
}

static unsigned posix_processors(void *self)
{
    (void)self;
    cpu_set_t set;
    int count = 0;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        count = CPU_COUNT(&set);
    if (count < 1)
        count = (int)sysconf(_SC_NPROCESSORS_ONLN); /* more than a cpu_set_t holds */
    return count <= 1 ? 1 : within_quota((unsigned)count);
}

static const char *posix_host(void *self)
{
    struct mlg_posix *posix = self;
    if (!posix->host[0] && gethostname(posix->host, sizeof posix->host - 1) != 0)
        posix->host[0] = '\0';
    return posix->host;
}

static int posix_random(void *self, void *bytes, size_t size)
{
    (void)self;
    return getrandom(bytes, size, 0) == (ssize_t)size ? 0 : -1;
}

void mlg_posix_init(struct mlg_posix *posix)
{
    *posix = (struct mlg_posix){.world = {.self = posix,
                                          .open = posix_open,
                                          .read = posix_read,
                                          .stat = posix_stat,
                                          .close = posix_close,
                                          .write = posix_write,
                                          .append = posix_append,
                                          .create = posix_create,
                                          .prepare = posix_prepare,
                                          .remove = posix_remove,
                                          .print = posix_print,
                                          .is_terminal = posix_is_terminal,
                                          .environment = posix_environment,
                                          .variable = posix_variable,
                                          .seconds = posix_seconds,
                                          .unix_time = posix_unix_time,
                                          .processors = posix_processors,
                                          .host = posix_host,
                                          .random = posix_random,
                                          .same_file = posix_same_file,
                                          .progress = posix_progress,
                                          .runner = &mlg_posix_runner}};
    /* What they would end the process for comes back as an error of write, which is told and cleaned up
     * after: a closed pipe, a file beyond the limit of `ulimit -f`. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* ignored, as some that start us have it, it hides how a child has ended */
    /* A standard stream that is closed must not become the number of the next file that is opened: a
     * report would end up in it. Reading nothing and failing to write is what closed means. */
    for (int number = 0; number <= 2; number++)
        if (fcntl(number, F_GETFD) < 0 && open("/dev/null", number == 0 ? O_WRONLY : O_RDONLY) != number)
            return;
}

int mlg_main_of(const struct mlg_gate *gate, int count, char **words)
{
    struct mlg_posix posix;
    mlg_posix_init(&posix);
    /* OpenBLAS would start a thread for every core as soon as it is loaded, and works on one. */
    posix.openblas_threads = getenv(openblas_threads);
    posix.hides_openblas_threads = true;
    setenv(openblas_threads, "1", 1);
    return mlg_plugin_main(&posix.world, gate, (const char *const *)words + (count > 0),
                           count > 0 ? (size_t)count - 1 : 0);
}
