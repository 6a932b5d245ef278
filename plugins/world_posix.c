/* world_posix.c: the real world. The only file that touches the outside. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "plugins.h"

/* strerror speaks the language of the locale and a capital letter; these are the usual ones. */
static const char *reason(int number)
{
    switch (number) {
    case ENOENT:
        return "no such file";
    case EACCES:
    case EPERM:
        return "permission denied";
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

static int posix_open(void *self, const char *path, struct mlg_file *file, struct mlg_error *error)
{
    (void)self;
    bool standard = strcmp(path, "-") == 0;
    int number = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat status;
    if (number < 0 || fstat(number, &status) != 0) {
        int code = mlg_error_set(error, MLG_WORLD, "cannot read '%s': %s", path, reason(errno));
        if (number >= 0 && !standard)
            close(number);
        return code;
    }
    if (S_ISDIR(status.st_mode)) {
        if (!standard)
            close(number);
        return mlg_error_set(error, MLG_WORLD, "cannot read '%s': %s", path, reason(EISDIR));
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
            mlg_error_set(error, MLG_WORLD, "cannot read on: %s", reason(errno));
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

static bool posix_same_file(void *self, const char *a, const char *b)
{
    (void)self;
    struct stat one, other;
    return stat(a, &one) == 0 && stat(b, &other) == 0 && S_ISREG(one.st_mode) && one.st_dev == other.st_dev &&
           one.st_ino == other.st_ino;
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

/* Into a new file beside `path`, then in its place. Returns 0 or an errno. */
static int replace_file(const char *path, const char *bytes, size_t size)
{
    size_t length = strlen(path);
    char *temporary = malloc(length + 48);
    if (!temporary)
        return ENOMEM;
    int number = -1;
    for (unsigned turn = 0; number < 0 && turn < 100; turn++) {
        snprintf(temporary, length + 48, "%s.%ld-%u.new", path, (long)getpid(), turn);
        number = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); /* less the umask */
        if (number < 0 && errno != EEXIST)
            break;
    }
    int problem = number < 0 ? errno : 0;
    if (number >= 0) {
        problem = write_all(number, bytes, size);
        if (!problem && fsync(number) != 0 && errno != EINVAL && errno != ENOTSUP)
            problem = errno;
        if (close(number) != 0 && !problem)
            problem = errno;
        if (!problem && rename(temporary, path) != 0)
            problem = errno;
        if (problem)
            unlink(temporary);
    }
    free(temporary);
    return problem;
}

/* A device or a pipe cannot be replaced, only written to. */
static int write_through(const char *path, const char *bytes, size_t size)
{
    int number = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (number < 0)
        return errno;
    int problem = write_all(number, bytes, size);
    if (close(number) != 0 && !problem)
        problem = errno;
    return problem;
}

static int posix_write(void *self, const char *path, const char *bytes, size_t size, struct mlg_error *error)
{
    (void)self;
    if (strcmp(path, "-") == 0) {
        int problem = write_all(STDOUT_FILENO, bytes, size);
        if (problem)
            return mlg_error_set(error, MLG_WORLD, "cannot write to standard output: %s", reason(problem));
        return MLG_OK;
    }
    struct stat status;
    bool there = stat(path, &status) == 0;
    int problem;
    if (there && S_ISDIR(status.st_mode)) {
        problem = EISDIR;
    } else if (there && !S_ISREG(status.st_mode)) {
        problem = write_through(path, bytes, size);
    } else {
        /* Behind a symbolic link the file that it leads to is replaced, not the link. */
        char *target = there ? realpath(path, NULL) : NULL;
        problem = replace_file(target ? target : path, bytes, size);
        if (problem)
            unlink(target ? target : path);
        free(target);
    }
    if (problem)
        return mlg_error_set(error, MLG_WORLD, "cannot write '%s': %s", path,
                             problem == ENOENT ? "its directory does not exist" : reason(problem));
    return MLG_OK;
}

static int posix_remove(void *self, const char *path, struct mlg_error *error)
{
    (void)self;
    struct stat status;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return MLG_OK; /* nothing there that could look fresh */
    char *target = realpath(path, NULL);
    int problem = unlink(target ? target : path) == 0 || errno == ENOENT ? 0 : errno;
    free(target);
    if (problem)
        return mlg_error_set(error, MLG_WORLD, "cannot remove the old '%s': %s", path, reason(problem));
    return MLG_OK;
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

/* ---- the machine --------------------------------------------------------------------------------- */

static const char *posix_environment(void *self, const char *name)
{
    (void)self;
    return getenv(name);
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
    /* https://reproducible-builds.org/specs/source-date-epoch/ */
    const char *fixed = getenv("SOURCE_DATE_EPOCH");
    if (fixed && *fixed && strspn(fixed, "0123456789") == strlen(fixed) && strlen(fixed) < 12)
        return strtoll(fixed, NULL, 10);
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

void mlg_posix_init(struct mlg_posix *posix)
{
    *posix = (struct mlg_posix){.world = {.self = posix,
                                          .open = posix_open,
                                          .read = posix_read,
                                          .stat = posix_stat,
                                          .close = posix_close,
                                          .write = posix_write,
                                          .remove = posix_remove,
                                          .print = posix_print,
                                          .is_terminal = posix_is_terminal,
                                          .environment = posix_environment,
                                          .seconds = posix_seconds,
                                          .unix_time = posix_unix_time,
                                          .processors = posix_processors,
                                          .host = posix_host,
                                          .same_file = posix_same_file}};
    signal(SIGPIPE, SIG_IGN);
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
    return mlg_plugin_main(&posix.world, gate, (const char *const *)words + (count > 0),
                           count > 0 ? (size_t)count - 1 : 0);
}
