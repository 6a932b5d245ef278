/* command_private: what the runner of commands is made of.
 *
 * Always true: between fork and exec only system calls are made, nothing that takes a lock or memory: the
 * process that asks may have many threads.
 */
#ifndef MLGATE_COMMAND_PRIVATE_H
#define MLGATE_COMMAND_PRIVATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "mlgate/command.h"

/* ---- memory that supervisor and asker share ----------------------------------------------------------- */

/* What could not be done, beside an errno. */
enum mlg_stage {
    MLG_STAGE_NONE,
    MLG_STAGE_NAMESPACES, /* making them */
    MLG_STAGE_IDENTITY,   /* user and group within them */
    MLG_STAGE_LOOPBACK,
    MLG_STAGE_PROC,
    MLG_STAGE_SHOW, /* a directory at another's path */
    MLG_STAGE_SWITCHED_OFF,
    MLG_STAGE_SUPERVISE, /* pipes, memory, a process */
    MLG_STAGE_DIRECTORY,
    MLG_STAGE_PROCESSORS,
    MLG_STAGE_ADDRESSES,
    MLG_STAGE_EXECUTE
};

struct mlg_supervised_stream {
    uint64_t total, written;
    int file_problem; /* errno */
    bool was_cut;     /* the file holds MLG_COMMAND_FILE bytes and no more */
    char *kept;       /* a ring: byte number n at n % size */
    size_t size;
};

struct mlg_supervision {
    /* Asked. */
    const struct mlg_command_order *order;
    const char *program; /* its path */
    bool without_namespaces;

    /* Found. */
    atomic_bool is_finished;
    enum mlg_command_end end;
    int status; /* of wait() */
    double seconds, interval;
    uint64_t peak;
    unsigned left_behind;
    char names[3][16]; /* of some of them */
    bool is_unended;   /* there are processes that even SIGKILL has not ended */
    unsigned isolation;
    enum mlg_stage isolation_stage; /* why not all that was wanted */
    int isolation_problem;
    enum mlg_stage stage; /* why it did not start */
    int problem;
    pid_t command;         /* 0: it has a namespace of processes, and dies with it */
    bool is_hidden;        /* order->hidden is empty for the command */
    bool shows_processors; /* the files of the system tell of as many as settings.cpus, too */
    long resident;         /* KiB, the most that the command or one it waited for had, as wait4() tells */
    bool is_collected;     /* status and resident are known */
    struct mlg_supervised_stream streams[2];
};

/* Does it find directories where others do not? That takes a namespace. */
static inline bool mlg_has_own_paths(const struct mlg_command_order *order)
{
    return order->shown_from || order->laid_count > 0;
}

/* ---- processes (processes_posix.c) ----------------------------------------------------------------- */

struct mlg_process {
    pid_t pid, parent;
    uint32_t pages; /* resident */
    bool is_dead;   /* waits to be collected */
    bool is_ours;   /* descends from this process */
    char name[16];
};

struct mlg_processes {
    struct mlg_process *items;
    size_t count, capacity;
    uint8_t *marks; /* a bit per number of a process */
    int proc;       /* the /proc that was read last; -1: none */
};

/* Takes room for as many as a system has; false: there is no memory. */
bool mlg_processes_init(struct mlg_processes *processes);
/* Reads all processes of a /proc, an open directory, and marks those that descend from `root`. False: it
 * cannot be read. */
bool mlg_processes_read(struct mlg_processes *processes, int proc, pid_t root);
/* Bytes that belong to one process alone, and its share of what several have; all that are resident where
 * that is not told. */
uint64_t mlg_process_memory(const struct mlg_processes *processes, const struct mlg_process *process);

/* ---- the supervisor (supervisor.c, containment.c) ---------------------------------------------------- */

/* What the supervisor itself knows. */
struct mlg_watch {
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

/* Starts the command, with the most that the system allows of the isolation that is wanted (containment.c).
 * False: it cannot be done, as w->s->problem says. */
bool mlg_start_contained(struct mlg_watch *w);
/* Closes all descriptors above the standard streams but one. */
void mlg_close_all_but(int kept);
/* The life of a supervisor: runs the command, and ends when everything that came of it has ended. `life` is
 * the reading end of a pipe whose other end only the asker has: it closes when the asker is gone. */
_Noreturn void mlg_supervise(struct mlg_supervision *supervision, int life);
/* The life of a guard: removes a directory when the pipe closes. */
_Noreturn void mlg_guard(const char *directory, int life);

/* ---- system calls ---------------------------------------------------------------------------------- */

double mlg_now(void); /* seconds, monotonic */
/* Of a clock that counts from 1970 on. */
static inline int64_t mlg_nanoseconds(const struct timespec *time)
{
    return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}
/* Calls `each` with the names in a directory, without "." and "..", until it returns nonzero, which is
 * returned; or an errno as a negative number. */
int mlg_each_name(int directory, int (*each)(void *context, const char *name), void *context);
/* Removes a directory with all in it, following nothing. Returns 0 or an errno. Makes system calls alone. */
int mlg_remove_tree(const char *path);

/* ---- what runs left (leftovers_posix.c) ------------------------------------------------------------ */

struct mlg_watching {
    int number; /* of the watcher; -1: there is none */
    int *marks; /* one per file: its watch */
    bool *was_read;
    size_t count;
    const char *problem; /* why not all is watched */
};

/* Begins to watch what the order says; `without`: as if the system could not. Fails for want of memory alone.
 */
int mlg_leftovers_watch(const struct mlg_command_order *order, bool without, struct mlg_arena *arena,
                        struct mlg_watching *watching);
/* Ends it. */
void mlg_leftovers_collect(struct mlg_watching *watching);
/* Removes what libfaketime made in /dev/shm since then, in processes of this user that are there no more: it
 * does so itself, but not where one is killed. Makes system calls alone. */
void mlg_leftovers_of_faketime(const struct timespec *since);

/* ---- the runner's functions ------------------------------------------------------------------------ */

const char *mlg_path_real(void *self, const char *path, struct mlg_arena *arena, struct mlg_error *error);
const char *mlg_link_read(void *self, const char *path, struct mlg_arena *arena, struct mlg_error *error);
const char *mlg_directory_make(void *self, const char *root, const char *name, struct mlg_arena *arena,
                               struct mlg_error *error);
int mlg_directory_place(void *self, const char *from, const char *to, enum mlg_placing placing,
                        bool backwards, struct mlg_error *error);
int mlg_directory_list_names(void *self, const char *directory, size_t limit, struct mlg_arena *arena,
                             struct mlg_entries *names, struct mlg_error *error);
int mlg_directory_list(void *self, const char *directory, size_t limit, struct mlg_arena *arena,
                       struct mlg_entries *entries, struct mlg_error *error);
int mlg_directory_look(void *self, const char *path, struct mlg_entry *entry, struct mlg_error *error);
int mlg_directory_move(void *self, const char *from, const char *to, struct mlg_error *error);
int mlg_file_allow_execution(void *self, const char *path, struct mlg_error *error);
int mlg_directory_remove(void *self, const char *path, struct mlg_error *error);
int mlg_leftovers_search(void *self, const struct mlg_search *search, struct mlg_arena *arena,
                         struct mlg_entries *found, bool *is_cut, struct mlg_error *error);
bool mlg_processes_are_ours(void *self);

struct stat;
void mlg_describe(const struct stat *status, struct mlg_entry *entry); /* all but its path */
void mlg_sort_entries(struct mlg_entries *entries);                    /* by their paths */

#endif
