/* leftovers_posix.c: files that a run can find since others left them, and whether it reads them. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command_private.h"
#include "mlgate/text.h"
#include "plugins.h"

/* ---- searching --------------------------------------------------------------------------------------- */

/* A directory that is to be listed. */
struct place {
    const char *path;
    int64_t modified; /* nanoseconds since 1970: when something was last made or removed in it */
};

struct searching {
    const struct mlg_search *search;
    struct mlg_arena *arena;
    struct mlg_entries *found;
    size_t capacity;
    struct place *heap; /* the one that changed last comes first */
    size_t count, heap_capacity;
    size_t seen; /* entries */
};

static bool push(struct searching *s, const char *path, int64_t modified)
{
    struct place *heap = mlg_arena_grow(s->arena, s->heap, &s->heap_capacity, s->count + 1, sizeof *heap);
    const char *copy = mlg_arena_copy(s->arena, path, strlen(path));
    if (!heap || !copy)
        return false;
    s->heap = heap;
    size_t i = s->count++;
    for (; i > 0 && heap[(i - 1) / 2].modified < modified; i = (i - 1) / 2)
        heap[i] = heap[(i - 1) / 2];
    heap[i] = (struct place){copy, modified};
    return true;
}

static struct place pop(struct searching *s)
{
    struct place *heap = s->heap;
    const struct place first = heap[0], last = heap[--s->count];
    size_t i = 0;
    for (size_t below; (below = 2 * i + 1) < s->count; i = below) {
        if (below + 1 < s->count && heap[below + 1].modified > heap[below].modified)
            below++;
        if (heap[below].modified <= last.modified)
            break;
        heap[i] = heap[below];
    }
    heap[i] = last;
    return first;
}

/* The directories of the runs of another gate, which it reads itself. */
static bool is_of_another_gate(const char *name, const struct stat *status)
{
    static const char prefix[] = "mlgate-";
    return S_ISDIR(status->st_mode) && (status->st_mode & 07777) == 0700 &&
           strncmp(name, prefix, sizeof prefix - 1) == 0 && strlen(name) == sizeof prefix - 1 + 6;
}

/* A file that a process of this user can have left: not empty, of which nothing could be read. */
static bool is_wanted(const struct mlg_search *search, const struct stat *status)
{
    if (!S_ISREG(status->st_mode) || status->st_size == 0 || status->st_uid != geteuid())
        return false;
    bool is_wanted = mlg_nanoseconds(&status->st_ctim) > search->since;
    for (size_t i = 0; i < search->size_count && !is_wanted; i++)
        is_wanted = search->sizes[i] == (uint64_t)status->st_size;
    return is_wanted;
}

static bool keep(struct searching *s, const char *path, const struct stat *status)
{
    struct mlg_entry *items =
        mlg_arena_grow(s->arena, s->found->items, &s->capacity, s->found->count + 1, sizeof *items);
    const char *copy = mlg_arena_copy(s->arena, path, strlen(path));
    if (!items || !copy)
        return false;
    s->found->items = items;
    mlg_describe(status, &items[s->found->count]);
    items[s->found->count++].path = copy;
    return true;
}

/* False: no memory. What cannot be read is passed over: what runs here cannot read it either. *is_cut: it
 * changed, and holds more than is looked at. */
static bool search_one(struct searching *s, const char *path, bool *is_cut)
{
    struct stat own;
    const int number = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *directory = number >= 0 ? fdopendir(number) : NULL;
    bool has_memory = true;
    if (!directory) {
        if (number >= 0)
            close(number);
        return true;
    }
    const bool has_changed = fstat(number, &own) != 0 || mlg_nanoseconds(&own.st_mtim) > s->search->since;
    const size_t most = has_changed ? s->search->most : s->search->limit;
    for (struct dirent *found; has_memory && s->seen < most && (found = readdir(directory));) {
        char whole[PATH_MAX];
        struct stat status;
        if (strcmp(found->d_name, ".") == 0 || strcmp(found->d_name, "..") == 0 ||
            (found->d_type != DT_REG && found->d_type != DT_DIR && found->d_type != DT_UNKNOWN) ||
            fstatat(number, found->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        s->seen++;
        if (snprintf(whole, sizeof whole, "%s/%s", path, found->d_name) >= (int)sizeof whole)
            continue;
        if (is_wanted(s->search, &status))
            has_memory = keep(s, whole, &status);
        else if (S_ISDIR(status.st_mode) && !mlg_text_is_listed(whole, s->search->left_out) &&
                 !is_of_another_gate(found->d_name, &status))
            has_memory = push(s, whole, mlg_nanoseconds(&status.st_mtim));
    }
    *is_cut = has_changed && s->seen >= most;
    closedir(directory);
    return has_memory;
}

int mlg_leftovers_search(void *self, const struct mlg_search *search, struct mlg_arena *arena,
                         struct mlg_entries *found, bool *is_cut, struct mlg_error *error)
{
    (void)self;
    struct searching s = {.search = search, .arena = arena, .found = found};
    bool has_memory = true;
    *found = (struct mlg_entries){.count = 0};
    *is_cut = false;
    for (const char *const *one = search->directories; *one && has_memory; one++)
        has_memory = push(&s, *one, INT64_MAX);
    while (has_memory && s.count > 0) {
        const struct place next = pop(&s);
        const bool has_changed = next.modified > search->since;
        if (s.seen >= search->most || (s.seen >= search->limit && !has_changed)) {
            *is_cut = has_changed;
            break;
        }
        has_memory = search_one(&s, next.path, is_cut);
        if (*is_cut)
            break;
    }
    mlg_sort_entries(found);
    return has_memory ? MLG_OK : mlg_error_set(error, MLG_LIMIT, "no memory to look for what runs left");
}

/* ---- watching ---------------------------------------------------------------------------------------- */

/* The first of these that happens to a file decides: read (mapped: opened, and closed without writing), or
 * written. What is put in its place has another number, and what is removed nobody can read. */
static const uint32_t decisive = IN_ACCESS | IN_CLOSE_NOWRITE | IN_MODIFY | IN_ONESHOT | IN_DONT_FOLLOW;

static const char *reason_of(int problem)
{
    return problem == ENOSPC                        ? "no watch is left (fs.inotify.max_user_watches)"
           : problem == EMFILE || problem == ENFILE ? "no watcher is left (fs.inotify.max_user_instances)"
           : problem == ENOSYS                      ? "the system watches no files"
                                                    : mlg_posix_reason(problem);
}

int mlg_leftovers_watch(const struct mlg_command_order *order, bool without, struct mlg_arena *arena,
                        struct mlg_watching *watching)
{
    *watching = (struct mlg_watching){.number = -1};
    while (order->watched && order->watched[watching->count])
        watching->count++;
    if (watching->count == 0)
        return MLG_OK;
    watching->marks = MLG_NEW_ARRAY(arena, int, watching->count);
    watching->was_read = MLG_NEW_ARRAY(arena, bool, watching->count);
    if (!watching->marks || !watching->was_read)
        return MLG_LIMIT;
    watching->number = without ? -1 : inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (watching->number < 0)
        watching->problem = reason_of(without ? ENOSYS : errno);
    for (size_t i = 0; order->watched && i < watching->count && !watching->problem; i++) {
        watching->marks[i] = inotify_add_watch(watching->number, order->watched[i], decisive);
        if (watching->marks[i] < 0 && (errno == ENOSPC || errno == ENOMEM))
            watching->problem = reason_of(errno);
    }
    return MLG_OK;
}

void mlg_leftovers_collect(struct mlg_watching *watching)
{
    _Alignas(struct inotify_event) char buffer[4096];
    ssize_t got;
    if (watching->number < 0)
        return;
    while ((got = read(watching->number, buffer, sizeof buffer)) > 0 || (got < 0 && errno == EINTR)) {
        for (ssize_t place = 0; place < got;) {
            struct inotify_event event;
            memcpy(&event, buffer + place, sizeof event);
            place += (ssize_t)(sizeof event + event.len);
            if (event.mask & IN_Q_OVERFLOW)
                watching->problem = "more happened at once than the system keeps";
            for (size_t i = 0; i < watching->count && event.mask & (IN_ACCESS | IN_CLOSE_NOWRITE); i++)
                if (watching->marks[i] == event.wd)
                    watching->was_read[i] = true;
        }
    }
    close(watching->number);
    watching->number = -1;
}

/* ---- what libfaketime left --------------------------------------------------------------------------- */

/* Of its shared memory and its semaphore, whose names end with the number of the process that made them; 0:
 * it is neither. */
static pid_t maker_of(const char *name)
{
    static const char *const prefixes[] = {"faketime_shm_", "sem.faketime_sem_"};
    const char *rest = "";
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            rest = name + strlen(prefixes[i]);
    int64_t number = 0;
    for (; *rest >= '0' && *rest <= '9' && number <= INT_MAX; rest++)
        number = 10 * number + (*rest - '0');
    return *rest == '\0' && number <= INT_MAX ? (pid_t)number : 0;
}

struct faketime {
    int directory;
    int64_t since;
};

static int remove_if_left(void *context, const char *name)
{
    const struct faketime *faketime = context;
    const pid_t maker = maker_of(name);
    struct stat status;
    if (maker > 0 && kill(maker, 0) != 0 && errno == ESRCH &&
        fstatat(faketime->directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode) &&
        status.st_uid == geteuid() && mlg_nanoseconds(&status.st_ctim) >= faketime->since)
        unlinkat(faketime->directory, name, 0);
    return 0;
}

void mlg_leftovers_of_faketime(const struct timespec *since)
{
    const struct faketime faketime = {.directory = open("/dev/shm", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                                      .since = mlg_nanoseconds(since)};
    if (faketime.directory < 0)
        return;
    mlg_each_name(faketime.directory, remove_if_left, (void *)(uintptr_t)&faketime);
    close(faketime.directory);
}
