/* directories_posix.c: directories for runs, filled, listed and removed without following what a command left
 * there. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/fs.h>

#include "command_private.h"
#include "mlgate/text.h"
#include "plugins.h"

/* ---- making ------------------------------------------------------------------------------------------ */

const char *mlg_directory_make(void *self, const char *root, const char *name, struct mlg_arena *arena,
                               struct mlg_error *error)
{
    (void)self;
    char real[PATH_MAX];
    if (!root)
        root = getenv("TMPDIR");
    if (!root || !root[0])
        root = "/tmp";
    if (!realpath(root, real)) {
        mlg_error_set(error, MLG_WORLD, "cannot make a directory in '%s': %s", root, mlg_posix_reason(errno));
        return NULL;
    }
    char *path = mlg_arena_format(arena, "%s/%s", real, name ? name : "mlgate-XXXXXX");
    if (!path) {
        mlg_error_set(error, MLG_LIMIT, "no memory for the name of a directory");
        return NULL;
    }
    if (name ? mkdir(path, 0700) == 0 && chmod(path, 0700) == 0 : mkdtemp(path) != NULL)
        return path;
    if (name)
        mlg_error_set(error, MLG_WORLD, "cannot make '%s': %s", path, mlg_posix_reason(errno));
    else
        mlg_error_set(error, MLG_WORLD, "cannot make a directory in '%s': %s", real, mlg_posix_reason(errno));
    return NULL;
}

const char *mlg_path_real(void *self, const char *path, struct mlg_arena *arena, struct mlg_error *error)
{
    (void)self;
    char real[PATH_MAX];
    const char *copy = realpath(path, real) ? mlg_arena_copy(arena, real, strlen(real)) : NULL;
    if (!copy)
        mlg_error_set(error, MLG_WORLD, "cannot find '%s': %s", path, mlg_posix_reason(errno));
    return copy;
}

const char *mlg_link_read(void *self, const char *path, struct mlg_arena *arena, struct mlg_error *error)
{
    (void)self;
    char text[PATH_MAX];
    const ssize_t size = readlink(path, text, sizeof text);
    const bool is_whole = size >= 0 && (size_t)size < sizeof text;
    const char *copy = is_whole ? mlg_arena_copy(arena, text, (size_t)size) : NULL;
    if (!copy)
        mlg_error_set(error, MLG_WORLD, "cannot read the link '%s': %s", path,
                      mlg_posix_reason(size < 0   ? errno
                                       : is_whole ? ENOMEM
                                                  : ENAMETOOLONG));
    return copy;
}

/* ---- placing ----------------------------------------------------------------------------------------- */

struct placing {
    const char *source; /* the real path of what is placed */
    bool backwards, as_listed;
    struct mlg_error *error;
    unsigned depth;              /* of links that have been followed */
    const struct placing *above; /* what holds the last of them */
};

static int refuse_placing(const struct placing *placing, const char *from, const char *to, int problem)
{
    if (from)
        return mlg_error_set(placing->error, MLG_WORLD, "cannot copy '%s' to '%s': %s", from, to,
                             mlg_posix_reason(problem));
    return mlg_error_set(placing->error, MLG_WORLD, "cannot make '%s': %s", to, mlg_posix_reason(problem));
}

/* Returns 0 or an errno. */
static int copy_bytes(int from, int to)
{
    char buffer[65536];
    if (ioctl(to, FICLONE, from) == 0)
        return 0;
    for (;;) {
        ssize_t got = copy_file_range(from, NULL, to, NULL, (size_t)1 << 30, 0);
        if (got == 0)
            break; /* also where it cannot be done for this file: the rest is read, if there is one */
        if (got < 0 && errno != EINTR)
            break;
    }
    for (;;) {
        const ssize_t got = read(from, buffer, sizeof buffer);
        if (got == 0)
            return 0;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno;
        for (ssize_t done = 0; done < got;) {
            const ssize_t written = write(to, buffer + done, (size_t)(got - done));
            if (written < 0 && errno == EINTR)
                continue;
            if (written <= 0)
                return written < 0 ? errno : EIO;
            done += written;
        }
    }
}

static int copy_file(const struct placing *placing, const char *from, const char *to)
{
    struct stat status = {.st_mode = 0};
    int problem = 0, target = -1;
    const int source = open(from, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (source < 0 || fstat(source, &status) != 0)
        problem = errno;
    else if (!S_ISREG(status.st_mode))
        problem = EINVAL;
    else if ((target = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0)
        problem = errno;
    if (!problem)
        problem = copy_bytes(source, target);
    if (!problem && fchmod(target, status.st_mode & 0111 ? 0555 : 0444) != 0)
        problem = errno;
    if (target >= 0 && close(target) != 0 && !problem)
        problem = errno;
    if (source >= 0)
        close(source);
    if (problem == EINVAL)
        return mlg_error_set(placing->error, MLG_WORLD,
                             "cannot copy '%s': it is neither a file nor a directory", from);
    return problem ? refuse_placing(placing, from, to, problem) : MLG_OK;
}

static int make_link(const struct placing *placing, const char *target, const char *from, const char *to)
{
    return symlink(target, to) == 0 ? MLG_OK : refuse_placing(placing, from, to, errno);
}

/* To what is at `real`, which lies in what is placed as the link does: as it is written, or from directory to
 * directory where that would lead out of the copy on its way. */
static int copy_inner_link(const struct placing *placing, const char *text, const char *real,
                           const char *from, const char *to)
{
    char target[PATH_MAX] = "";
    size_t size = 0;
    if (text[0] != '/' && !strstr(text, ".."))
        return make_link(placing, text, from, to);
    const char *own = from + strlen(placing->source) + 1, *rest = real + strlen(placing->source);
    for (const char *slash = strchr(own, '/'); slash; slash = strchr(slash + 1, '/')) {
        if (size + 3 >= sizeof target)
            return refuse_placing(placing, from, to, ENAMETOOLONG);
        memcpy(target + size, "../", 4);
        size += 3;
    }
    if (snprintf(target + size, sizeof target - size, "%s", rest[0] ? rest + 1 : ".") >=
        (int)(sizeof target - size))
        return refuse_placing(placing, from, to, ENAMETOOLONG);
    return make_link(placing, target, from, to);
}

static int copy_directory(const struct placing *placing, const char *from, const char *to);

/* A link that stays within what is placed leads to the same place in the copy. Of what another leads to there
 * is a copy; one that leads nowhere is made as it stands. */
static int copy_link(const struct placing *placing, const char *from, const char *to)
{
    enum { MOST_LINKS = 40 };
    char text[PATH_MAX], real[PATH_MAX];
    struct stat status;
    const ssize_t got = readlink(from, text, sizeof text - 1);
    if (got < 0)
        return refuse_placing(placing, from, to, errno);
    text[got] = '\0';
    if (!realpath(from, real))
        return make_link(placing, text, from, to);
    if (mlg_path_is_below(real, placing->source))
        return copy_inner_link(placing, text, real, from, to);
    if (stat(real, &status) != 0)
        return refuse_placing(placing, from, to, errno);
    if (!S_ISDIR(status.st_mode))
        return copy_file(placing, real, to);
    for (const struct placing *above = placing; above; above = above->above)
        if (mlg_path_is_below(above->source, real) || placing->depth >= MOST_LINKS)
            return mlg_error_set(placing->error, MLG_WORLD,
                                 "cannot copy '%s': it leads to '%s', in which it lies itself", from, real);
    const struct placing below = {.source = real,
                                  .backwards = placing->backwards,
                                  .as_listed = placing->as_listed,
                                  .error = placing->error,
                                  .depth = placing->depth + 1,
                                  .above = placing};
    return copy_directory(&below, real, to);
}

static int not_itself(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int copy_any(const struct placing *placing, const char *from, const char *to);

static int copy_directory(const struct placing *placing, const char *from, const char *to)
{
    struct dirent **entries = NULL;
    char source[PATH_MAX], target[PATH_MAX];
    const bool is_top = strcmp(from, placing->source) == 0 && !placing->above;
    struct stat status;
    if (mkdir(to, 0755) == 0
            ? chmod(to, 0755) != 0
            : errno != EEXIST || !is_top || lstat(to, &status) != 0 || !S_ISDIR(status.st_mode))
        return refuse_placing(placing, from, to, errno);
    const int count = scandir(from, &entries, not_itself, placing->as_listed ? NULL : by_bytes);
    if (count < 0)
        return refuse_placing(placing, from, to, errno);
    int code = MLG_OK;
    for (int i = 0; i < count; i++) {
        const char *name = entries[placing->backwards ? count - 1 - i : i]->d_name;
        if (code != MLG_OK)
            continue;
        if (snprintf(source, sizeof source, "%s/%s", from, name) >= (int)sizeof source ||
            snprintf(target, sizeof target, "%s/%s", to, name) >= (int)sizeof target)
            code = refuse_placing(placing, from, to, ENAMETOOLONG);
        else
            code = copy_any(placing, source, target);
    }
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free((void *)entries);
    return code;
}

static int copy_any(const struct placing *placing, const char *from, const char *to)
{
    struct stat status;
    if (lstat(from, &status) != 0)
        return refuse_placing(placing, from, to, errno);
    if (S_ISLNK(status.st_mode))
        return copy_link(placing, from, to);
    return S_ISDIR(status.st_mode) ? copy_directory(placing, from, to) : copy_file(placing, from, to);
}

static int make_above(const struct placing *placing, const char *path)
{
    char part[PATH_MAX];
    if (strlen(path) >= sizeof part)
        return refuse_placing(placing, NULL, path, ENAMETOOLONG);
    memcpy(part, path, strlen(path) + 1);
    for (char *slash = strchr(part + 1, '/'); part[0] && slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, 0755) != 0 && errno != EEXIST)
            return refuse_placing(placing, NULL, part, errno);
        *slash = '/';
    }
    return MLG_OK;
}

int mlg_directory_place(void *self, const char *from, const char *to, enum mlg_placing how, bool backwards,
                        struct mlg_error *error)
{
    (void)self;
    char real[PATH_MAX];
    const struct placing placing = {
        .source = real, .backwards = backwards, .as_listed = how == MLG_PLACE_AS_LISTED, .error = error};
    if (!realpath(from, real))
        return mlg_error_set(error, MLG_WORLD, "cannot read '%s': %s", from, mlg_posix_reason(errno));
    const int code = make_above(&placing, to);
    if (code != MLG_OK)
        return code;
    if (how == MLG_PLACE_LINK)
        return symlink(real, to) == 0 ? MLG_OK : refuse_placing(&placing, real, to, errno);
    return copy_any(&placing, real, to);
}

/* ---- looking ----------------------------------------------------------------------------------------- */

void mlg_describe(const struct stat *status, struct mlg_entry *entry)
{
    entry->kind = S_ISREG(status->st_mode)   ? MLG_ENTRY_FILE
                  : S_ISDIR(status->st_mode) ? MLG_ENTRY_DIRECTORY
                  : S_ISLNK(status->st_mode) ? MLG_ENTRY_LINK
                                             : MLG_ENTRY_OTHER;
    entry->size = S_ISREG(status->st_mode) ? (int64_t)status->st_size : 0;
    entry->modified = mlg_nanoseconds(&status->st_mtim);
    entry->mode = status->st_mode & 07777;
    entry->device = (uint64_t)status->st_dev;
    entry->inode = (uint64_t)status->st_ino;
    entry->changed = mlg_nanoseconds(&status->st_ctim);
    entry->links = (uint64_t)status->st_nlink;
}

int mlg_directory_look(void *self, const char *path, struct mlg_entry *entry, struct mlg_error *error)
{
    (void)self;
    struct stat status;
    *entry = (struct mlg_entry){.path = path, .kind = MLG_ENTRY_MISSING};
    if (lstat(path, &status) == 0)
        mlg_describe(&status, entry);
    else if (errno != ENOENT && errno != ENOTDIR)
        return mlg_error_set(error, MLG_WORLD, "cannot read '%s': %s", path, mlg_posix_reason(errno));
    return MLG_OK;
}

int mlg_file_allow_execution(void *self, const char *path, struct mlg_error *error)
{
    (void)self;
    struct stat status;
    int problem = 0;
    const int number = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (number < 0 || fstat(number, &status) != 0)
        problem = errno;
    else if (fchmod(number, (status.st_mode & 0777) | (status.st_mode & 0444) >> 2) != 0)
        problem = errno;
    if (number >= 0)
        close(number);
    return problem ? mlg_error_set(error, MLG_WORLD, "'%s' cannot be made executable: %s", path,
                                   mlg_posix_reason(problem))
                   : MLG_OK;
}

struct listing {
    const char *root;
    size_t limit, capacity;
    struct mlg_arena *arena;
    struct mlg_entries *entries;
    struct mlg_error *error;
};

/* The entries of one directory; `prefix` is its path below the root, "" for the root. */
static int list_one(struct listing *listing, const char *prefix)
{
    char path[PATH_MAX];
    struct mlg_entries *entries = listing->entries;
    const char *slash = prefix[0] ? "/" : "";
    int number = -1;
    if (snprintf(path, sizeof path, "%s%s%s", listing->root, slash, prefix) >= (int)sizeof path)
        errno = ENAMETOOLONG;
    else
        number = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *directory = number >= 0 ? fdopendir(number) : NULL;
    if (!directory) {
        const int problem = errno;
        if (number >= 0)
            close(number);
        return mlg_error_set(listing->error, MLG_WORLD, "cannot list '%s%s%s': %s", listing->root, slash,
                             prefix, mlg_posix_reason(problem));
    }
    int code = MLG_OK;
    for (struct dirent *found; code == MLG_OK && (found = readdir(directory));) {
        struct stat status;
        if (!not_itself(found) || fstatat(number, found->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        if (entries->count == listing->limit) {
            code = mlg_error_set(listing->error, MLG_LIMIT, "'%s' holds more than %zu files", listing->root,
                                 listing->limit);
            break;
        }
        struct mlg_entry *items = mlg_arena_grow(listing->arena, entries->items, &listing->capacity,
                                                 entries->count + 1, sizeof *items);
        const char *name =
            mlg_arena_format(listing->arena, "%s%s%s", prefix, prefix[0] ? "/" : "", found->d_name);
        if (!items || !name) {
            code = mlg_error_set(listing->error, MLG_LIMIT, "no memory to list '%s'", listing->root);
            break;
        }
        entries->items = items;
        struct mlg_entry *entry = &items[entries->count++];
        entry->path = name;
        mlg_describe(&status, entry);
    }
    closedir(directory);
    return code;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct mlg_entry *)a)->path, ((const struct mlg_entry *)b)->path);
}

void mlg_sort_entries(struct mlg_entries *entries)
{
    if (entries->count > 1)
        qsort(entries->items, entries->count, sizeof *entries->items, by_path);
}

int mlg_directory_list(void *self, const char *directory, size_t limit, struct mlg_arena *arena,
                       struct mlg_entries *entries, struct mlg_error *error)
{
    (void)self;
    struct listing listing = {
        .root = directory, .limit = limit, .arena = arena, .entries = entries, .error = error};
    *entries = (struct mlg_entries){.count = 0};
    int code = list_one(&listing, "");
    for (size_t i = 0; code == MLG_OK && i < entries->count; i++) /* which grows meanwhile */
        if (entries->items[i].kind == MLG_ENTRY_DIRECTORY)
            code = list_one(&listing, entries->items[i].path);
    mlg_sort_entries(entries);
    return code;
}

int mlg_directory_list_names(void *self, const char *path, size_t limit, struct mlg_arena *arena,
                             struct mlg_entries *names, struct mlg_error *error)
{
    (void)self;
    *names = (struct mlg_entries){.count = 0};
    size_t capacity = 0;
    DIR *directory = opendir(path);
    if (!directory)
        return mlg_error_set(error, MLG_WORLD, "cannot list '%s': %s", path, mlg_posix_reason(errno));
    int code = MLG_OK;
    for (struct dirent *found; code == MLG_OK && (found = readdir(directory));) {
        if (!not_itself(found))
            continue;
        if (names->count == limit) {
            code = mlg_error_set(error, MLG_LIMIT, "'%s' holds more than %zu files", path, limit);
            break;
        }
        struct mlg_entry *items =
            mlg_arena_grow(arena, names->items, &capacity, names->count + 1, sizeof *items);
        const char *name = mlg_arena_copy(arena, found->d_name, strlen(found->d_name));
        if (!items || !name) {
            code = mlg_error_set(error, MLG_LIMIT, "no memory to list '%s'", path);
            break;
        }
        names->items = items;
        items[names->count++] = (struct mlg_entry){.path = name};
    }
    closedir(directory);
    if (code == MLG_OK)
        mlg_sort_entries(names);
    return code;
}

/* ---- moving and removing ------------------------------------------------------------------------------- */

/* Returns 0 or an errno. */
static int rename_anew(const char *from, const char *to)
{
    struct stat status;
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return 0;
    const int problem = errno;
    if (problem != EINVAL && problem != ENOSYS) /* not every file system can see to it in one step */
        return problem;
    return lstat(to, &status) == 0 ? EEXIST : rename(from, to) == 0 ? 0 : errno;
}

int mlg_directory_move(void *self, const char *from, const char *to, struct mlg_error *error)
{
    (void)self;
    struct stat status;
    int problem = rename_anew(from, to);
    /* A directory that its owner may not write to keeps its ".." as it is. */
    if (problem == EACCES && lstat(from, &status) == 0 && S_ISDIR(status.st_mode) &&
        (status.st_mode & 0700) != 0700 && chmod(from, (status.st_mode & 07777) | 0700) == 0)
        problem = rename_anew(from, to);
    return problem ? mlg_error_set(error, MLG_WORLD, "cannot move '%s' to '%s': %s", from, to,
                                   mlg_posix_reason(problem))
                   : MLG_OK;
}

/* A tree may be deeper than there are descriptors: what lies so deep is moved to the top, and removed in
 * another round. */
enum { DEEPEST = 32 };

struct removal {
    int top, here;
    unsigned depth;
    unsigned *moved;
    dev_t device;
};

static int remove_one(void *context, const char *name);

static int any_name(void *context, const char *name)
{
    (void)context, (void)name;
    return 1;
}

/* Removes what is in a directory. Returns 0 or a negative errno. */
static int empty(const struct removal *removal)
{
    enum { MOST_ROUNDS = 100000 };
    /* What is removed while names are read may hide others, and what lay deep comes to the top. */
    for (int round = 0; round < MOST_ROUNDS; round++) {
        int code = lseek(removal->here, 0, SEEK_SET) == 0 ? 0 : -errno;
        if (code == 0)
            code = mlg_each_name(removal->here, remove_one, (void *)(uintptr_t)removal);
        if (code == 0 && lseek(removal->here, 0, SEEK_SET) != 0)
            code = -errno;
        if (code == 0 && (code = mlg_each_name(removal->here, any_name, NULL)) == 0)
            return 0;
        if (code < 0)
            return code == -ENOENT ? 0 : code; /* the directory itself is gone */
    }
    return -ENOTEMPTY;
}

static int move_up(const struct removal *removal, const char *name)
{
    char other[32];
    int problem = EEXIST;
    for (int turn = 0; turn < 1000 && (problem == EEXIST || problem == ENOTEMPTY); turn++) {
        snprintf(other, sizeof other, "mlgate-deep-%u", (*removal->moved)++);
        problem = renameat(removal->here, name, removal->top, other) == 0 ? 0 : errno;
    }
    return -problem;
}

static int remove_one(void *context, const char *name)
{
    const struct removal *removal = context;
    struct stat status;
    if (fstatat(removal->here, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISDIR(status.st_mode))
        return unlinkat(removal->here, name, 0) == 0 || errno == ENOENT ? 0 : -errno;
    if (status.st_dev != removal->device)
        return -EBUSY; /* something is mounted there */
    if (unlinkat(removal->here, name, AT_REMOVEDIR) == 0)
        return 0;
    if (removal->depth >= DEEPEST)
        return move_up(removal, name);
    int number = openat(removal->here, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (number < 0 && errno == EACCES && fchmodat(removal->here, name, 0700, 0) == 0)
        number = openat(removal->here, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (number < 0)
        return errno == ENOENT ? 0 : -errno; /* somebody else removes it too */
    if ((status.st_mode & 0700) != 0700)
        fchmod(number, 0700);
    struct removal below = *removal;
    below.here = number;
    below.depth++;
    int code = empty(&below);
    close(number);
    if (code == 0 && unlinkat(removal->here, name, AT_REMOVEDIR) != 0 && errno != ENOENT)
        code = -errno;
    return code;
}

int mlg_remove_tree(const char *path)
{
    unsigned moved = 0;
    struct stat status;
    int number = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (number < 0 && errno == EACCES && lstat(path, &status) == 0 && S_ISDIR(status.st_mode) &&
        chmod(path, 0700) == 0)
        number = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (number < 0)
        return errno == ENOENT ? 0 : errno;
    int code = fstat(number, &status) == 0 ? 0 : -errno;
    if ((status.st_mode & 0700) != 0700)
        fchmod(number, 0700);
    struct removal removal = {.top = number, .here = number, .moved = &moved, .device = status.st_dev};
    if (code == 0)
        code = empty(&removal);
    close(number);
    if (code == 0 && rmdir(path) != 0 && errno != ENOENT)
        code = -errno;
    return -code;
}

int mlg_directory_remove(void *self, const char *path, struct mlg_error *error)
{
    (void)self;
    const int problem = mlg_remove_tree(path);
    return problem
               ? mlg_error_set(error, MLG_WORLD, "cannot remove '%s': %s", path, mlg_posix_reason(problem))
               : MLG_OK;
}
