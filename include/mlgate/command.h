/* command: running a user's command in fresh, contained surroundings.
 *
 * The library says what is to be run (an order) and reads what came of it (an outcome); a world's runner does
 * it (plugins/command_posix.c is the real one).
 *
 * Always true:
 *  - a path is absolute; a list of texts ends with NULL; what comes out lies in the arena that was handed in
 *  - no shell: arguments[0] is run with the arguments as they stand; `shell:` is {"/bin/sh", "-c", text}
 *  - a command never outlives its run: whatever it started, in whatever session, is ended before `run`
 *    returns; so it is where the process that asked is killed, or is interrupted, while it waits. (Without
 *    a namespace of processes it can kill what watches over it: MLG_COMMAND_LOST_SUPERVISOR.)
 *  - several threads may run commands at the same time, each in directories of its own
 *  - nothing is ever followed out of a directory by a link that a command left there
 */
#ifndef MLGATE_COMMAND_H
#define MLGATE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/arena.h"
#include "mlgate/error.h"

/* ---- what to run --------------------------------------------------------------------------------- */

/* 0: no limit, unless something else stands there. All count what the command and all that it started do
 * together. */
struct mlg_command_limits {
    double timeout;     /* seconds */
    double grace;       /* seconds between SIGTERM and SIGKILL; 0: MLG_COMMAND_GRACE, below 0: none */
    uint64_t memory;    /* bytes resident; watched, not reserved: see `interval` of the outcome */
    uint64_t output;    /* bytes printed to both streams */
    uint64_t processes; /* that are alive at the same time; threads do not count */
    size_t kept;        /* bytes of the end of each stream in the outcome; 0: MLG_COMMAND_KEPT */
};
enum {
    MLG_COMMAND_GRACE = 2,
    MLG_COMMAND_KEPT = 8192,
    MLG_COMMAND_FILE = 67108864 /* the most that is written to output_path or error_path */
};

/* A combination of these. With either of them goes, where the system knows it, shared memory, semaphores and
 * queues of messages (System V, POSIX queues) that are its own. */
enum mlg_isolation {
    MLG_ISOLATE_NETWORK = 1,  /* no network but a loopback of its own */
    MLG_ISOLATE_PROCESSES = 2 /* sees no process but its own, and /proc of these */
};

/* Where a program finds its code, heap and stack. */
enum mlg_addresses { MLG_ADDRESSES_AS_THEY_ARE, MLG_ADDRESSES_FIXED, MLG_ADDRESSES_RANDOM };

/* What a variation may change beside environment and directories. */
struct mlg_command_settings {
    const char *name; /* what the program sees as argv[0]; NULL: arguments[0] */
    int umask;        /* -1: as it is */
    /* How many processors it may use, the first of those allowed; where it has a namespace of processes files
     * of the system tell that there are no others. 0: as it is. */
    unsigned cpus;
    enum mlg_addresses addresses;
};

struct mlg_command_order {
    /* What a reader of a terminal sees of it while it takes its time; NULL: nothing. */
    const char *about;
    /* A program without '/' is looked up on PATH of `environment`, one with '/' relative to `directory`. */
    const char *const *arguments;
    const char *directory;
    const char *const *environment; /* all of it: "NAME=value" */
    /* Files to which it is printed, replaced if they are there; NULL: none. */
    const char *output_path, *error_path;
    /* A directory that is removed where the process that asked is gone before the command has ended; NULL:
     * none. */
    const char *temporary;
    /* A directory that is none of the command's business: empty in its namespace of processes; where it has
     * none nobody but root finds anything there while it runs. NULL: none. */
    const char *hidden;
    /* How many numbers of processes are left out before its own, where it has a namespace of them: there it
     * would have the same number each time, and be no less by chance where it takes its seed from that. */
    unsigned skipped;
    int64_t not_before; /* nanoseconds since 1970; it is waited for no longer than two seconds */
    /* The command, and nobody else, finds the directory `shown_from` at `shown_at`, which is there too: so
     * that several can run at the same time and have one and the same path. `directory` and the arguments
     * name what is below `shown_at` as it is seen. It takes a namespace of processes: where that is refused
     * the command does not start, and `isolation_missing` says why. NULL: everything is where it is. */
    const char *shown_from, *shown_at;
    /* Directories that the command, and nobody else, finds in the place of others: each `from` at `at`, both
     * as they are called outside, before `shown_from` is shown. The same is needed for it. */
    const struct mlg_laid {
        const char *from, *at;
    } * laid;
    size_t laid_count;
    /* /dev/shm is empty, and nobody else's, where it has a namespace of processes and the system allows it.
     */
    bool own_shared_memory;
    /* Files of which is to be known whether they are read, by the command or anybody else, before they are
     * written, from its start to its end; NULL: none. */
    const char *const *watched;
    unsigned isolation; /* wanted; what is refused is gone without */
    struct mlg_command_limits limits;
    struct mlg_command_settings settings;
};

/* ---- what came of it ------------------------------------------------------------------------------- */

enum mlg_command_end {
    MLG_COMMAND_EXITED,
    MLG_COMMAND_SIGNALLED, /* by a signal that is not ours */
    MLG_COMMAND_TIMED_OUT,
    MLG_COMMAND_OUT_OF_MEMORY,  /* beyond limits.memory */
    MLG_COMMAND_TALKED_ON,      /* beyond limits.output */
    MLG_COMMAND_MULTIPLIED,     /* beyond limits.processes */
    MLG_COMMAND_DID_NOT_START,  /* `problem` says why */
    MLG_COMMAND_LOST_SUPERVISOR /* something killed what watched over it: nothing is known */
};

struct mlg_command_text {
    const char *bytes; /* the end of the stream, from the beginning of a line where it was cut; as they came,
                          zero-terminated */
    size_t size;
    uint64_t total;      /* bytes that were printed, kept or not */
    const char *problem; /* why its file does not hold what was printed ("no space left on the device"), or
                            NULL */
};

struct mlg_command_outcome {
    enum mlg_command_end end;
    int code;             /* exit code, or number of the signal */
    const char *problem;  /* why it did not start, or what else makes its run doubtful; or NULL */
    int64_t begun;        /* nanoseconds since 1970 */
    double seconds;       /* from its start to its own end, processes that it left behind not counted */
    uint64_t peak_memory; /* bytes resident, all processes together where they were seen; 0: not known */
    double interval;      /* longest time in seconds between two looks at memory and processes */
    unsigned left_behind; /* processes that were still there when it ended, and have been ended */
    const char *left_behind_names; /* of up to three of them: "sleep, python3"; "" */
    unsigned isolation;            /* what was active, of what was wanted */
    const char *isolation_missing; /* why not all of it; NULL: nothing is missing */
    bool shows_processors;         /* what tells how many processors there are told of settings.cpus, too */
    int64_t free_bytes; /* afterwards, on the disk of `temporary`, or where there is none of `directory`; -1:
                           not known */
    const bool *was_read;  /* per file that was watched; NULL: none was */
    const char *unwatched; /* why that is not known of all of them; NULL: it is */
    struct mlg_command_text output, error;
};

/* ---- its surroundings ------------------------------------------------------------------------------ */

enum mlg_entry_kind {
    MLG_ENTRY_MISSING,
    MLG_ENTRY_FILE,
    MLG_ENTRY_DIRECTORY,
    MLG_ENTRY_LINK,
    MLG_ENTRY_OTHER
};

struct mlg_entry {
    const char *path; /* within the directory that was listed */
    enum mlg_entry_kind kind;
    int64_t size;     /* of a file; else 0 */
    int64_t modified; /* nanoseconds since 1970 */
    unsigned mode;    /* permission bits */
    /* What tells one file from another, and that nobody has touched it; 0: not known. */
    uint64_t device, inode;
    int64_t changed; /* nanoseconds since 1970; unlike `modified` nobody sets it */
    uint64_t links;  /* how many names it has */
};

struct mlg_entries {
    struct mlg_entry *items; /* in the order of their paths' bytes */
    size_t count;
};

/* Files of this user that are not empty, and changed lately or have a size that matters. */
struct mlg_search {
    const char *const *directories; /* below which; NULL at the end */
    const char *const *left_out;    /* directories that are not looked into; NULL at the end */
    int64_t since;                  /* changed after this, nanoseconds since 1970 */
    const uint64_t *sizes;          /* or of one of these sizes, whenever they changed */
    size_t size_count;
    /* Entries that are looked at, those in directories that changed last first: no more than `limit` where
     * nothing was made or removed in the directory since, and `most` in all. */
    size_t limit, most;
};

enum mlg_placing {
    MLG_PLACE_COPY,      /* blocks shared where the file system can */
    MLG_PLACE_AS_LISTED, /* a copy whose entries are made in the order in which `from` lists them */
    MLG_PLACE_LINK /* a symbolic link: for what is too large to copy; the original itself can be changed */
};

/* What this machine can vary. A reason is a clause without full stop, NULL where there is nothing to be told.
 */
struct mlg_command_means {
    unsigned processors;       /* that a command may use */
    const char *machine;       /* "x86_64" */
    const char *locale;        /* an installed locale that writes 0,5; NULL: none */
    const char *faketime;      /* path of libfaketime; NULL: it is not installed */
    const char *time_problem;  /* why it has no effect on the command */
    bool has_random_addresses; /* addresses are at random where nothing fixes them */
    bool can_fix_addresses;    /* address randomisation can be switched off */
    bool has_file_order; /* directories below the root list their files in an order that creation changes */
    bool lists_nothing;  /* no input is a directory, or lies in one */
    /* Where it has none, a directory in memory in which they do, and from which programs can be run; NULL:
     * none. */
    const char *in_memory;
    uint64_t in_memory_room;        /* bytes that may be taken there */
    bool in_memory_last_is_first;   /* there what was made last is listed first, and not last */
    const char *file_order_problem; /* why none of the inputs would be listed in another order */
};

/* What a machine is; NULL: not known. */
struct mlg_machine {
    const char *system, *kernel, *architecture; /* "Linux", "6.8.0", "x86_64" */
    const char *libc;                           /* "glibc 2.39" */
    unsigned processors;                        /* that a command may use */
};

struct mlg_runner {
    /* Makes a new, empty directory of mode 0700 and returns its path. `root` NULL: TMPDIR, or /tmp. `name`
     * NULL: a name that is not there yet. One that is there is an error: nothing is ever shared. */
    const char *(*make_directory)(void *self, const char *root, const char *name, struct mlg_arena *arena,
                                  struct mlg_error *error);
    /* Puts the file or directory `from` at `to`, which must not be there unless both are directories, and
     * makes the directories above it. Files are read-only (0444, or 0555); directories are not, so that
     * caches beside them can be written. A link that stays within `from` leads to the same place in the copy;
     * of what another leads to there is a copy. Entries are made in the order of their names, if nothing else
     * is said, or backwards.
     */
    int (*place)(void *self, const char *from, const char *to, enum mlg_placing placing, bool backwards,
                 struct mlg_error *error);
    /* Removes `directory` when this process is gone, however it ends, unless it is released before. NULL: it
     * cannot be done; nothing else depends on it. May be missing. */
    void *(*guard)(void *self, const char *directory, struct mlg_arena *arena);
    void (*release)(void *self, void *guard);
    /* The absolute path of what is there, links resolved, in the arena. NULL: told. */
    const char *(*real_path)(void *self, const char *path, struct mlg_arena *arena, struct mlg_error *error);
    /* What a link holds, as it is written, in the arena; nothing is followed. NULL: told. May be missing. */
    const char *(*read_link)(void *self, const char *path, struct mlg_arena *arena, struct mlg_error *error);
    /* Everything below `directory`, at most `limit` entries (more are an error MLG_LIMIT). Links are told,
     * not followed; what is neither file nor directory must not be opened: a pipe waits for its writer. */
    int (*list)(void *self, const char *directory, size_t limit, struct mlg_arena *arena,
                struct mlg_entries *entries, struct mlg_error *error);
    /* What lies in `directory` itself, which a link may lead to: of each the path alone. May be missing. */
    int (*list_names)(void *self, const char *directory, size_t limit, struct mlg_arena *arena,
                      struct mlg_entries *names, struct mlg_error *error);
    /* One path, its last part not followed. Missing is no error. `entry->path` is `path`. */
    int (*look)(void *self, const char *path, struct mlg_entry *entry, struct mlg_error *error);
    /* Looks for files; what is found has its whole path. Links are not followed, and nothing is opened that
     * is no directory. Directories that another gate made for its runs are passed over, as are those that
     * cannot be read. *is_cut: `most` entries were not enough. NULL: it cannot be done. */
    int (*search)(void *self, const struct mlg_search *search, struct mlg_arena *arena,
                  struct mlg_entries *found, bool *is_cut, struct mlg_error *error);
    /* Is no process of this user there but this one, and those above it and below? NULL: nobody knows. */
    bool (*is_alone)(void *self);
    /* Renames on the same file system; `to` must not be there. So that runs can have one and the same path,
     * one after the other, and their files still be kept. A directory whose rights forbid it is opened to its
     * owner. */
    int (*move)(void *self, const char *from, const char *to, struct mlg_error *error);
    /* Whoever may read the file may run it. */
    int (*allow_execution)(void *self, const char *path, struct mlg_error *error);
    /* Removes a directory and all in it, also where rights of directories forbid it. What is missing is
     * removed. A link is refused. */
    int (*remove_directory)(void *self, const char *path, struct mlg_error *error);
    /* Looks at what can be varied, for directories below `root` (NULL as above). */
    int (*find_means)(void *self, const char *root, struct mlg_arena *arena, struct mlg_command_means *means,
                      struct mlg_error *error);
    /* What it runs on. Fails for want of memory alone. */
    int (*find_machine)(void *self, struct mlg_arena *arena, struct mlg_machine *machine,
                        struct mlg_error *error);
    /* Runs one command and waits for it. An error: nothing can be said (no memory, no process to watch over
     * it); a command that cannot be started is an outcome. */
    int (*run)(void *self, const struct mlg_command_order *order, struct mlg_arena *arena,
               struct mlg_command_outcome *outcome, struct mlg_error *error);
};

/* ---- of orders and outcomes (lib/rerun) -------------------------------------------------------------- */

struct mlg_world;
struct mlg_map;

/* Names that a command inherits where nothing else is said; "LC_*" is every name that begins so. */
extern const char *const mlg_command_inherited[];

/* A complete environment, in this order, each name once and the last one counting: what the world has of
 * `inherited` (NULL: mlg_command_inherited), sorted by name; HOME, TMPDIR and the XDG directories below
 * `own`; `set` (may be NULL). NULL: no memory. */
const char **mlg_command_environment(const struct mlg_world *world, const char *const *inherited,
                                     const char *own, const struct mlg_map *set, struct mlg_arena *arena);
/* The directories below `own` that it names, to be made before the run: "home", "tmp" ... */
extern const char *const mlg_command_own_directories[];

/* The value that an environment gives a name; NULL: none. */
const char *mlg_command_variable(const char *const *environment, const char *name);
/* Where the program called `name` lies, which PATH of `environment` leads to, or with a '/' in it is seen
 * from `directory`: the first that is a file. NULL: nowhere, or no memory. */
const char *mlg_command_find(const struct mlg_world *world, const char *const *environment,
                             const char *directory, const char *name, struct mlg_arena *arena);
/* The same environment with one value changed in place, or added at the end. NULL: no memory. */
const char **mlg_command_with(const char *const *environment, const char *name, const char *value,
                              struct mlg_arena *arena);

/* Did it end by itself, with exit code 0 and without a problem? */
bool mlg_command_succeeded(const struct mlg_command_outcome *outcome);
/* How it ended, as a clause about the command: "ended with exit code 3", "took longer than 600 s and was
 * ended". With what is known of a full disk. NULL: no memory. */
const char *mlg_command_ending(const struct mlg_command_order *order,
                               const struct mlg_command_outcome *outcome, struct mlg_arena *arena);
/* What a command printed, as a text: a zero byte, with which a text ends, is told as \x00. NULL: no memory.
 */
const char *mlg_command_text_of(const char *bytes, size_t size, struct mlg_arena *arena);
/* "network and processes", "network", "none (why)": for the line of a report. NULL: no memory. */
const char *mlg_command_isolation(const struct mlg_command_outcome *outcome, struct mlg_arena *arena);

#endif
