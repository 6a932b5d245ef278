/* Commands run for real: nothing outlives a run, whatever it does, and its surroundings are what the order
 * says.
 *
 * The table is run twice: with the namespaces that this system allows, and as if it refused them. The
 * programs are sh and this test itself, which with a word as argument is a helper.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../plugins/plugins.h"
#include "mlgate/command.h"
#include "mlgate/parallel.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

extern char **environ;

enum { MEGABYTE = 1 << 20, PATIENCE = 60 /* seconds: only what is broken takes them */ };

/* ---- helpers: this test as a program --------------------------------------------------------------- */

_Noreturn static void wait_for_ever(void)
{
    for (;;)
        pause();
}

/* Children that wait until all are there. */
static void fork_children(long count, bool stubborn)
{
    int ready[2];
    char word;
    if (pipe(ready) != 0)
        _exit(99);
    for (long i = 0; i < count; i++) {
        const pid_t pid = fork();
        if (pid < 0)
            _exit(98);
        if (pid == 0) {
            if (stubborn)
                signal(SIGTERM, SIG_IGN);
            (void)!write(ready[1], "r", 1);
            wait_for_ever();
        }
    }
    for (long i = 0; i < count; i++)
        if (read(ready[0], &word, 1) != 1)
            _exit(97);
}

static void fill(char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i += 1024)
        bytes[i] = (char)(i / 1024 + 1);
}

static char *take(size_t megabytes)
{
    char *bytes =
        mmap(NULL, megabytes * MEGABYTE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED)
        _exit(96);
    fill(bytes, megabytes * MEGABYTE);
    return bytes;
}

/* Twice forked, in a session of its own, with nothing open: how a daemon leaves. */
static void become_daemon(void)
{
    int ready[2];
    char word;
    if (pipe(ready) != 0)
        _exit(99);
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            signal(SIGHUP, SIG_IGN);
            signal(SIGTERM, SIG_IGN);
            (void)!chdir("/");
            (void)!write(ready[1], "r", 1);
            for (int i = 0; i < 64; i++)
                close(i);
            wait_for_ever();
        }
        _exit(0);
    }
    if (read(ready[0], &word, 1) != 1)
        _exit(97);
}

static int talk_to_itself(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int listening = socket(AF_INET, SOCK_STREAM, 0), calling = socket(AF_INET, SOCK_STREAM, 0);
    return bind(listening, (struct sockaddr *)&address, size) != 0 || listen(listening, 1) != 0 ||
           getsockname(listening, (struct sockaddr *)&address, &size) != 0 ||
           connect(calling, (struct sockaddr *)&address, size) != 0;
}

/* Reads a file as a part of its memory alone. */
static int map_file(const char *path)
{
    const int file = open(path, O_RDONLY);
    const char *bytes = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    return bytes == MAP_FAILED || bytes[0] == '\0';
}

static int run_as_gate(char **words);

static int help(char **words)
{
    const char *what = words[1];
    const long number = words[2] ? strtol(words[2], NULL, 10) : 0;
    if (strcmp(what, "gate") == 0)
        return run_as_gate(words);
    if (strcmp(what, "children") == 0)
        fork_children(number, false);
    else if (strcmp(what, "stubborn-children") == 0)
        fork_children(number, true);
    else if (strcmp(what, "wait") == 0)
        wait_for_ever();
    else if (strcmp(what, "daemon") == 0)
        become_daemon();
    else if (strcmp(what, "loopback") == 0)
        return talk_to_itself();
    else if (strcmp(what, "map") == 0)
        return map_file(words[2]);
    else if (strcmp(what, "segment") == 0) /* of System V, with this key */
        return shmget((key_t)number, 0, 0) < 0;
    else if (strcmp(what, "name") == 0)
        printf("%s\n", words[0]);
    else if (strcmp(what, "environment") == 0)
        for (char **variable = environ; *variable; variable++)
            puts(*variable);
    if (strcmp(what, "chain") == 0) /* each has a child, and so on: about one in a millisecond */
        for (;;) {
            if (fork() != 0)
                wait_for_ever();
            usleep(1000);
        }
    if (strcmp(what, "brief-hog") == 0) {
        take((size_t)number);
        _exit(0);
    }
    if (strcmp(what, "hog") == 0) {
        take((size_t)number);
        wait_for_ever();
    }
    if (strcmp(what, "hogs") == 0) {
        for (int i = 0; i < 4; i++)
            if (fork() == 0) {
                take((size_t)number);
                wait_for_ever();
            }
        wait_for_ever();
    }
    if (strcmp(what, "shared") == 0) { /* four that read what one has written, for some looks long */
        take((size_t)number);
        fork_children(4, false);
        usleep(500000);
    }
    if (words[2] && words[3] && strcmp(words[3], "wait") == 0)
        wait_for_ever();
    fflush(stdout);
    _exit(0);
}

/* ---- who is still there ---------------------------------------------------------------------------- */

/* Processes with the mark in their environment, the dead not counted: they have none. */
static unsigned count_marked(const char *mark)
{
    enum { MOST = 1 << 17 };
    char *text = malloc(MOST);
    unsigned count = 0;
    DIR *all = opendir("/proc");
    if (!text || !all)
        abort();
    for (struct dirent *entry; (entry = readdir(all));) {
        char path[300];
        snprintf(path, sizeof path, "/proc/%s/environ", entry->d_name);
        FILE *file = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? fopen(path, "r") : NULL;
        if (!file)
            continue;
        const size_t size = fread(text, 1, MOST, file);
        fclose(file);
        count += memmem(text, size, mark, strlen(mark)) != NULL;
    }
    closedir(all);
    free(text);
    return count;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* ---- a place to run -------------------------------------------------------------------------------- */

struct place {
    struct mlg_posix posix;
    struct mlg_arena arena;
    const struct mlg_runner *runner;
    const char *root, *directory;
    char mark[64], helper[PATH_MAX];
    const char *environment[4];
};

static void begin(struct place *place, bool without_namespaces)
{
    static atomic_uint runs;
    memset(place, 0, sizeof *place);
    mlg_posix_init(&place->posix);
    mlg_arena_init(&place->arena, 0);
    place->posix.without_namespaces = without_namespaces;
    place->runner = place->posix.world.runner;
    snprintf(place->mark, sizeof place->mark, "MLGATE_TEST_MARK=%ld-%u", (long)getpid(),
             atomic_fetch_add(&runs, 1));
    const ssize_t size = readlink("/proc/self/exe", place->helper, sizeof place->helper - 1);
    assert_true(size > 0);
    place->helper[size] = '\0';
    place->environment[0] = place->mark;
    place->environment[1] = "PATH=/usr/local/bin:/usr/bin:/bin";
    place->environment[2] = "ASAN_OPTIONS=detect_leaks=0";
    place->root = place->runner->make_directory(&place->posix, NULL, NULL, &place->arena, NULL);
    assert_non_null(place->root);
    place->directory = place->runner->make_directory(&place->posix, place->root, "run", &place->arena, NULL);
    assert_non_null(place->directory);
}

static void end(struct place *place)
{
    assert_int_equal(count_marked(place->mark), 0);
    assert_int_equal(place->runner->remove_directory(&place->posix, place->root, NULL), 0);
    mlg_arena_free(&place->arena);
}

static struct mlg_command_order order_of(const struct place *place, const char *const *arguments)
{
    return (struct mlg_command_order){.arguments = arguments,
                                      .directory = place->directory,
                                      .environment = place->environment,
                                      .isolation = MLG_ISOLATE_NETWORK | MLG_ISOLATE_PROCESSES,
                                      .limits = {.timeout = PATIENCE, .grace = 0.2},
                                      .settings = {.umask = -1}};
}

static struct mlg_command_outcome run(struct place *place, const struct mlg_command_order *order)
{
    struct mlg_command_outcome outcome;
    struct mlg_error error = {.text = ""};
    const int code = place->runner->run(&place->posix, order, &place->arena, &outcome, &error);
    if (code)
        fail_msg("%s", error.text);
    return outcome;
}

static const char *join(struct place *place, const char *directory, const char *name)
{
    const char *path = mlg_arena_format(&place->arena, "%s/%s", directory, name);
    assert_non_null(path);
    return path;
}

static const char *const shell = "/bin/sh";

/* What a shell prints, in a place of its own. */
static void assert_prints(bool without_namespaces, const char *sentence, const char *script,
                          const char *expected)
{
    struct place place;
    begin(&place, without_namespaces);
    const struct mlg_command_order order =
        order_of(&place, (const char *const[]){shell, "-c", script, place.helper, NULL});
    const struct mlg_command_outcome outcome = run(&place, &order);
    if (!mlg_command_succeeded(&outcome) || strcmp(outcome.output.bytes, expected) != 0)
        fail_msg("%s: end %d, code %d, '%s', '%s'", sentence, (int)outcome.end, outcome.code,
                 outcome.output.bytes, outcome.error.bytes);
    end(&place);
}

/* ---- containment ----------------------------------------------------------------------------------- */

struct containment {
    const char *sentence;
    const char *script; /* of sh; $0 is the helper */
    struct mlg_command_limits limits;
    enum mlg_command_end end;
    int code;
    unsigned left_behind;
    const char *names; /* of those, NULL: any */
};

static const struct containment containments[] = {
    {"a command that exits tells its code", "exit 7", .code = 7},
    {"a command that is ended by a signal tells it", "kill -SEGV $$", .end = MLG_COMMAND_SIGNALLED,
     .code = SIGSEGV},
    {"a child in the background is ended and told", "sleep 1000 & exit 0", .left_behind = 1,
     .names = "sleep"},
    {"a child that is about to end is waited for", "sleep 0.01 & exit 0", .code = 0},
    {"a daemon of a session of its own is ended and told", "\"$0\" daemon", .left_behind = 1},
    {"a stopped child is ended", "sleep 1000 & kill -STOP $!; exit 0", .left_behind = 1},
    {"a child that ignores SIGTERM is ended", "trap '' TERM; sleep 1000 & exit 0", .left_behind = 1},
    {"two hundred children are ended and counted", "exec \"$0\" children 200", .left_behind = 200},
    {"two hundred children that ignore SIGTERM are ended", "exec \"$0\" stubborn-children 200",
     .left_behind = 200},
    {"a command that takes too long is ended", "exec sleep 1000", .limits = {.timeout = 0.1},
     .end = MLG_COMMAND_TIMED_OUT},
    {"so are its grandchildren", "(sleep 1000; :) & (setsid sleep 1000; :) & \"$0\" daemon; sleep 1000; :",
     .limits = {.timeout = 0.3}, .end = MLG_COMMAND_TIMED_OUT},
    {"so is one that ignores SIGTERM, with all of its children",
     "trap '' TERM; exec \"$0\" stubborn-children 200 wait", .limits = {.timeout = 0.5, .grace = 0.1},
     .end = MLG_COMMAND_TIMED_OUT},
    {"no grace is given where none is wanted",
     "trap '' TERM; sleep 1000; :", .limits = {.timeout = 0.1, .grace = -1}, .end = MLG_COMMAND_TIMED_OUT},
    {"a command that prints without end is ended at the limit", "exec yes", .limits = {.output = 1000000},
     .end = MLG_COMMAND_TALKED_ON},
    {"so is one that prints errors without end", "exec yes >&2", .limits = {.output = 1000000},
     .end = MLG_COMMAND_TALKED_ON},
    {"without a limit printing does not keep it from its time-out", "yes & exec yes >&2",
     .limits = {.timeout = 0.3}, .end = MLG_COMMAND_TIMED_OUT},
    {"a child that prints without end after its parent is ended", "yes & exit 5", .code = 5,
     .left_behind = 1},
    {"a command that closes its output is waited for", "exec >&- 2>&-; sleep 0.05; exit 4", .code = 4},
    {"a command that takes too much memory is ended", "exec \"$0\" hog 400",
     .limits = {.memory = 200 * MEGABYTE}, .end = MLG_COMMAND_OUT_OF_MEMORY},
    {"so is one that has given it back before anybody looks", "sleep 0.3; exec \"$0\" brief-hog 80",
     .limits = {.memory = 60 * MEGABYTE}, .end = MLG_COMMAND_OUT_OF_MEMORY},
    {"memory counts for all of its processes together", "exec \"$0\" hogs 100",
     .limits = {.memory = 300 * MEGABYTE}, .end = MLG_COMMAND_OUT_OF_MEMORY},
    {"memory that processes share counts once", "\"$0\" shared 150; exit 3",
     .limits = {.memory = 600 * MEGABYTE}, .code = 3, .left_behind = 4},
    {"a command that has too many processes is ended", "exec \"$0\" children 60 wait",
     .limits = {.processes = 20}, .end = MLG_COMMAND_MULTIPLIED},
    {"a command whose children go on forking is ended", "exec \"$0\" chain", .limits = {.processes = 50},
     .end = MLG_COMMAND_MULTIPLIED},
    {"so it is where only time ends it", "exec \"$0\" chain", .limits = {.timeout = 0.3, .grace = -1},
     .end = MLG_COMMAND_TIMED_OUT},
    {"as many as are allowed may be there", "for i in 1 2 3 4 5; do sleep 0.2 & done; wait",
     .limits = {.processes = 20}},
};

/* All rows at the same time, since most of their time is waiting. */
struct containment_runs {
    struct place places[COUNT(containments)];
    struct mlg_command_outcome outcomes[COUNT(containments)];
    int codes[COUNT(containments)];
    unsigned alive[COUNT(containments)];
};

static void run_containment(void *context, size_t index)
{
    struct containment_runs *runs = context;
    struct place *place = &runs->places[index];
    const struct containment *row = &containments[index];
    struct mlg_command_order order =
        order_of(place, (const char *const[]){shell, "-c", row->script, place->helper, NULL});
    order.limits = row->limits;
    order.limits.timeout = row->limits.timeout > 0 ? row->limits.timeout : PATIENCE;
    order.limits.grace = row->limits.grace != 0 ? row->limits.grace : 0.2;
    runs->codes[index] =
        place->runner->run(&place->posix, &order, &place->arena, &runs->outcomes[index], NULL);
    runs->alive[index] = count_marked(place->mark);
}

static void test_containment(bool without_namespaces)
{
    static struct containment_runs runs;
    for (size_t i = 0; i < COUNT(containments); i++)
        begin(&runs.places[i], without_namespaces);
    const double begun = now();
    mlg_parallel(8, COUNT(containments), run_containment, &runs);
    assert_true(now() - begun < PATIENCE);
    for (size_t i = 0; i < COUNT(containments); i++) {
        const struct containment *row = &containments[i];
        const struct mlg_command_outcome *outcome = &runs.outcomes[i];
        if (runs.codes[i] || runs.alive[i] || outcome->end != row->end || outcome->code != row->code ||
            outcome->left_behind != row->left_behind ||
            (row->names && strcmp(outcome->left_behind_names, row->names) != 0))
            fail_msg("%s: end %d, code %d, left %u (%s), alive %u, %s%s", row->sentence, (int)outcome->end,
                     outcome->code, outcome->left_behind, outcome->left_behind_names, runs.alive[i],
                     outcome->problem ? outcome->problem : "", outcome->error.bytes);
        assert_true(without_namespaces ? outcome->isolation == 0 && outcome->isolation_missing
                                       : outcome->isolation == 3 || outcome->isolation_missing);
        end(&runs.places[i]);
    }
}

static void test_contained(void **state)
{
    (void)state;
    test_containment(false);
}

static void test_contained_without_namespaces(void **state)
{
    (void)state;
    test_containment(true);
}

/* ---- the end of who asks --------------------------------------------------------------------------- */

/* "gate ROOT DIRECTORY MARK 0|1": what a gate does, for the test to kill it. */
static int run_as_gate(char **words)
{
    struct mlg_posix posix;
    struct mlg_arena arena;
    struct mlg_command_outcome outcome;
    char helper[PATH_MAX] = "";
    mlg_posix_init(&posix);
    mlg_arena_init(&arena, 0);
    posix.without_namespaces = words[5][0] == '1';
    if (readlink("/proc/self/exe", helper, sizeof helper - 1) < 0)
        return 1;
    const char *const script = "trap '' TERM INT HUP; sleep 1000 & setsid sleep 1000 & \"$0\" daemon; "
                               "\"$0\" stubborn-children 20; : > ready; sleep 1000; :";
    const struct mlg_command_order order = {
        .arguments = (const char *const[]){shell, "-c", script, helper, NULL},
        .directory = words[3],
        .environment = (const char *const[]){words[4], "PATH=/usr/local/bin:/usr/bin:/bin",
                                             "ASAN_OPTIONS=detect_leaks=0", NULL},
        .temporary = words[2],
        .isolation = MLG_ISOLATE_NETWORK | MLG_ISOLATE_PROCESSES,
        .settings = {.umask = -1}};
    return posix.world.runner->run(&posix, &order, &arena, &outcome, NULL);
}

static void kill_gate(int number, bool without_namespaces)
{
    struct place place;
    char ready[PATH_MAX];
    struct stat status;
    begin(&place, without_namespaces);
    snprintf(ready, sizeof ready, "%s/ready", place.directory);
    const pid_t gate = fork();
    assert_true(gate >= 0);
    if (gate == 0) {
        signal(number, SIG_DFL); /* who runs the tests may ignore it */
        execl(place.helper, place.helper, "gate", place.root, place.directory, place.mark,
              without_namespaces ? "1" : "0", (char *)NULL);
        _exit(1);
    }
    const double until = now() + PATIENCE;
    while (stat(ready, &status) != 0 && now() < until)
        usleep(2000);
    assert_int_equal(stat(ready, &status), 0);
    assert_true(count_marked(place.mark) > 20);
    assert_int_equal(kill(gate, number), 0);
    assert_int_equal(waitpid(gate, NULL, 0), gate);
    while ((count_marked(place.mark) > 0 || stat(place.root, &status) == 0) && now() < until)
        usleep(2000);
    assert_int_equal(count_marked(place.mark), 0);
    assert_int_equal(stat(place.root, &status), -1); /* nor are its directories left */
    end(&place);
}

static void test_killed_gate(void **state)
{
    (void)state;
    kill_gate(SIGKILL, false);
    kill_gate(SIGKILL, true);
}

static void test_interrupted_gate(void **state)
{
    (void)state;
    kill_gate(SIGINT, true);
    kill_gate(SIGTERM, true);
    kill_gate(SIGHUP, false);
}

static void test_killed_supervisor(void **state)
{
    (void)state;
    struct place place;
    begin(&place, true);
    const struct mlg_command_order order = order_of(
        &place, (const char *const[]){shell, "-c", "sleep 1000 & kill -KILL $PPID; sleep 1000; :", NULL});
    const struct mlg_command_outcome outcome = run(&place, &order);
    assert_int_equal(outcome.end, MLG_COMMAND_LOST_SUPERVISOR);
    assert_false(mlg_command_succeeded(&outcome));
    const double until = now() + PATIENCE;
    while (count_marked(place.mark) > 0 && now() < until)
        usleep(2000);
    end(&place);
}

/* ---- surroundings ---------------------------------------------------------------------------------- */

struct surrounding {
    const char *sentence, *script, *printed;
};

static const struct surrounding surroundings[] = {
    {"nothing can be read", "cat; echo end", "end\n"},
    {"a pipe that closes ends who writes to it, as usual", "yes | head -n 1", "y\n"},
    {"no signal is ignored or blocked", "grep -E '^Sig(Blk|Ign)' /proc/self/status",
     "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"},
    {"no core is dumped", "ulimit -c", "0\n"},
    {"no descriptor is open but the three",
     "for i in 3 4 5 6 7 8 9 77; do test -e /proc/self/fd/$i && echo $i is open; done; :", ""},
    {"it has no terminal", "(exec </dev/tty) 2>/dev/null && echo terminal; :", ""},
    {"a network of its own has a loopback", "\"$0\" loopback && echo it works", "it works\n"},
};

static void test_surroundings(void **state)
{
    (void)state;
    /* Descriptors that who started the gate has left open, and a signal that it ignores. */
    const int other = dup2(STDERR_FILENO, 77);
    assert_int_equal(other, 77);
    void (*before)(int) = signal(SIGUSR1, SIG_IGN);
    for (size_t i = 0; i < COUNT(surroundings); i++)
        for (int without = 0; without < 2; without++)
            assert_prints(without, surroundings[i].sentence, surroundings[i].script, surroundings[i].printed);
    signal(SIGUSR1, before);
    close(other);
}

static void test_namespaces(void **state)
{
    (void)state;
    struct place place;
    begin(&place, false);
    const struct mlg_command_order order = order_of(
        &place, (const char *const[]){
                    shell, "-c",
                    "ls -d /proc/[0-9]* | wc -l; tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '; "
                    "id -u; test \"$(readlink /proc/self)\" -gt 0 && echo proc",
                    NULL});
    const struct mlg_command_outcome outcome = run(&place, &order);
    char user[32];
    snprintf(user, sizeof user, "\n%u\n", (unsigned)getuid());
    assert_int_equal(outcome.code, 0);
    assert_non_null(strstr(outcome.output.bytes, user));
    assert_non_null(strstr(outcome.output.bytes, "proc\n"));
    if (outcome.isolation & MLG_ISOLATE_PROCESSES)
        assert_true(strtol(outcome.output.bytes, NULL, 10) < 10);
    if (outcome.isolation & MLG_ISOLATE_NETWORK) {
        const char *devices = strchr(outcome.output.bytes, '\n');
        assert_memory_equal(devices, "\nlo\n", 4);
    }
    if (outcome.isolation != 3)
        print_message("refused here: %s\n", outcome.isolation_missing);
    end(&place);
}

/* What one run leaves in such memory another would find. */
static void test_segments_are_apart(void **state)
{
    (void)state;
    const key_t key = (key_t)(0x6d000000 + getpid());
    const int segment = shmget(key, 64, IPC_CREAT | IPC_EXCL | 0600);
    struct stat status;
    if (segment < 0 || stat("/proc/self/ns/ipc", &status) != 0) {
        print_message("not looked at: the system has no segments of System V, or no namespaces of them\n");
        return;
    }
    for (int without = 0; without < 2; without++) {
        struct place place;
        char text[32];
        snprintf(text, sizeof text, "%ld", (long)key);
        begin(&place, without);
        const struct mlg_command_order order =
            order_of(&place, (const char *const[]){place.helper, "segment", text, NULL});
        const struct mlg_command_outcome outcome = run(&place, &order);
        assert_int_equal(outcome.end, MLG_COMMAND_EXITED);
        assert_int_equal(outcome.code, outcome.isolation != 0);
        end(&place);
    }
    assert_int_equal(shmctl(segment, IPC_RMID, NULL), 0);
}

/* As some that start a gate have it. */
/* In both ways: what is hidden looks empty or is closed, and is as it was afterwards. */
static void test_hidden(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct place place;
        struct stat status;
        begin(&place, i == 1);
        const char *hidden =
            place.runner->make_directory(&place.posix, place.root, "hidden", &place.arena, NULL);
        assert_non_null(hidden);
        FILE *file = fopen(join(&place, hidden, "file"), "w");
        assert_non_null(file);
        fclose(file);
        struct mlg_command_order order =
            order_of(&place, (const char *const[]){shell, "-c",
                                                   "ls \"$0\" 2>/dev/null; echo x 2>/dev/null > \"$0/new\"; "
                                                   "stat -c %a \"$0\"",
                                                   hidden, NULL});
        order.hidden = hidden;
        const struct mlg_command_outcome outcome = run(&place, &order);
        /* Without namespaces root opens what is closed. */
        if (outcome.isolation & MLG_ISOLATE_PROCESSES || geteuid() != 0)
            assert_string_equal(outcome.output.bytes, "0\n");
        else
            assert_non_null(strstr(outcome.output.bytes, "0\n"));
        assert_int_equal(stat(hidden, &status), 0);
        assert_int_equal(status.st_mode & 07777, 0700);
        assert_int_equal(stat(join(&place, hidden, "file"), &status), 0);
        end(&place);
    }
}

static void test_skipped_numbers(void **state)
{
    (void)state;
    struct place place;
    long numbers[3];
    begin(&place, false);
    for (unsigned i = 0; i < COUNT(numbers); i++) {
        struct mlg_command_order order =
            order_of(&place, (const char *const[]){shell, "-c", "echo $$", NULL});
        order.skipped = 3 * i;
        const struct mlg_command_outcome outcome = run(&place, &order);
        numbers[i] = strtol(outcome.output.bytes, NULL, 10);
        if (outcome.isolation & MLG_ISOLATE_PROCESSES)
            assert_int_equal(numbers[i], 2 + 3 * i);
    }
    assert_true(numbers[0] != numbers[1] && numbers[1] != numbers[2] && numbers[0] != numbers[2]);
    end(&place);
}

static void test_not_before(void **state)
{
    (void)state;
    static const int64_t second = 1000000000;
    struct place place;
    begin(&place, false);
    struct mlg_command_order order = order_of(&place, (const char *const[]){shell, "-c", "date +%s%N", NULL});
    const int64_t first = run(&place, &order).begun;
    order.not_before = first + second / 2;
    const struct mlg_command_outcome outcome = run(&place, &order);
    assert_true(strtoll(outcome.output.bytes, NULL, 10) > order.not_before);
    assert_true(outcome.begun >= order.not_before && outcome.begun < first + PATIENCE * second);
    const double before = now();
    order.not_before = first + 1000000 * second; /* no clock of this machine */
    run(&place, &order);
    assert_true(now() - before < PATIENCE);
    end(&place);
}

static void test_ignored_children(void **state)
{
    (void)state;
    for (int without = 0; without < 2; without++) {
        struct place place;
        begin(&place, without);
        void (*before)(int) = signal(SIGCHLD, SIG_IGN);
        const struct mlg_command_order order =
            order_of(&place, (const char *const[]){shell, "-c", "exit 6", NULL});
        const struct mlg_command_outcome outcome = run(&place, &order);
        signal(SIGCHLD, before);
        assert_int_equal(outcome.end, MLG_COMMAND_EXITED);
        assert_int_equal(outcome.code, 6);
        end(&place);
    }
}

static void test_not_wanted_is_not_missing(void **state)
{
    (void)state;
    struct place place;
    begin(&place, false);
    struct mlg_command_order order = order_of(&place, (const char *const[]){shell, "-c", ":", NULL});
    order.isolation = 0;
    const struct mlg_command_outcome outcome = run(&place, &order);
    assert_int_equal(outcome.isolation, 0);
    assert_null(outcome.isolation_missing);
    end(&place);
}

static void test_settings(void **state)
{
    (void)state;
    for (int without = 0; without < 2; without++) {
        struct place place;
        begin(&place, without);
        struct mlg_command_order order =
            order_of(&place, (const char *const[]){shell, "-c",
                                                   "umask; cat /proc/self/personality; nproc; pwd", NULL});
        char expected[PATH_MAX + 64];
        order.settings =
            (struct mlg_command_settings){.umask = 0027, .cpus = 1, .addresses = MLG_ADDRESSES_FIXED};
        struct mlg_command_outcome outcome = run(&place, &order);
        snprintf(expected, sizeof expected, "0027\n00040000\n1\n%s\n", place.directory);
        assert_string_equal(outcome.output.bytes, expected);

        /* Nor is more told to who asks how many there are; nothing else of /dev and /proc is another. */
        assert_true(without ? !outcome.shows_processors
                            : outcome.shows_processors || !(outcome.isolation & MLG_ISOLATE_PROCESSES));
        order.arguments = (const char *const[]){
            shell, "-c",
            "getconf _NPROCESSORS_ONLN; grep -c '^processor' /proc/cpuinfo; ls -d /dev/null /proc/self/stat",
            NULL};
        outcome = run(&place, &order);
        if (outcome.shows_processors)
            assert_string_equal(outcome.output.bytes, "1\n1\n/dev/null\n/proc/self/stat\n");
        else
            assert_non_null(strstr(outcome.output.bytes, "\n/dev/null\n/proc/self/stat\n"));

        /* Also where mlgate itself was started with fixed ones. */
        order.arguments = (const char *const[]){shell, "-c", "cat /proc/self/personality", NULL};
        order.settings = (struct mlg_command_settings){.umask = -1, .addresses = MLG_ADDRESSES_RANDOM};
        const int before = personality(0xffffffff);
        assert_int_not_equal(personality((unsigned long)before | ADDR_NO_RANDOMIZE), -1);
        outcome = run(&place, &order);
        assert_int_not_equal(personality((unsigned long)before), -1);
        assert_string_equal(outcome.output.bytes, "00000000\n");

        order.arguments = (const char *const[]){place.helper, "name", NULL};
        order.settings = (struct mlg_command_settings){.umask = -1, .name = "another name"};
        outcome = run(&place, &order);
        assert_string_equal(outcome.output.bytes, "another name\n");

        order.arguments = (const char *const[]){place.helper, "environment", NULL};
        outcome = run(&place, &order);
        snprintf(expected, sizeof expected, "%s\n%s\n%s\n", place.environment[0], place.environment[1],
                 place.environment[2]);
        assert_string_equal(outcome.output.bytes, expected);
        end(&place);
    }
}

/* ---- what does not start --------------------------------------------------------------------------- */

struct refusal {
    const char *program, *problem;
};

static const struct refusal refusals[] = {
    {"python3x", "cannot run 'python3x': no such program; is it on PATH?"},
    {"", "cannot run '': no such program; is it on PATH?"},
    {"./nothing", "cannot run './nothing': no such file"},
    {"./plain", "cannot run './plain': it is not executable"},
    {"plain", "cannot run 'plain': it is not executable"},
    {"./", "cannot run './': it is a directory"},
    {"./no-interpreter",
     "cannot run './no-interpreter': the program of its first line ('#!...') is not there"},
    {"./no-program",
     "cannot run './no-program': it is neither a program nor begins with '#!' and the path of one"},
};

static void put(const struct place *place, const char *name, const char *text, mode_t mode)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", place->directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void test_refusals(void **state)
{
    (void)state;
    struct place place;
    begin(&place, false);
    char path[PATH_MAX];
    snprintf(path, sizeof path, "PATH=%s:/usr/bin", place.directory);
    place.environment[1] = path;
    put(&place, "plain", "text", 0644);
    put(&place, "no-interpreter", "#!/no/such/program\n", 0755);
    put(&place, "no-program", "text", 0755);
    for (size_t i = 0; i < COUNT(refusals); i++) {
        const struct mlg_command_order order =
            order_of(&place, (const char *const[]){refusals[i].program, NULL});
        const struct mlg_command_outcome outcome = run(&place, &order);
        assert_int_equal(outcome.end, MLG_COMMAND_DID_NOT_START);
        assert_string_equal(outcome.problem, refusals[i].problem);
        assert_false(mlg_command_succeeded(&outcome));
    }
    struct mlg_command_order order = order_of(&place, (const char *const[]){"sh", NULL});
    order.directory = "/no/such/directory";
    const struct mlg_command_outcome outcome = run(&place, &order);
    assert_int_equal(outcome.end, MLG_COMMAND_DID_NOT_START);
    assert_string_equal(outcome.problem, "cannot run 'sh' in '/no/such/directory': no such directory");
    end(&place);
}

/* ---- what it prints -------------------------------------------------------------------------------- */

static void test_output(void **state)
{
    (void)state;
    struct place place;
    begin(&place, false);
    char output[PATH_MAX], text[32] = "";
    struct stat status;
    snprintf(output, sizeof output, "%s/output", place.root);
    struct mlg_command_order order =
        order_of(&place, (const char *const[]){shell, "-c", "seq 100000; echo error >&2; printf last", NULL});
    order.limits.kept = 20;
    order.output_path = output;
    order.error_path = "/dev/full";
    struct mlg_command_outcome outcome = run(&place, &order);
    assert_true(mlg_command_succeeded(&outcome));
    assert_string_equal(outcome.output.bytes, "99999\n100000\nlast");
    assert_int_equal(outcome.output.total, 588895 + 4);
    assert_null(outcome.output.problem);
    assert_int_equal(stat(output, &status), 0);
    assert_int_equal(status.st_size, 588895 + 4);
    FILE *file = fopen(output, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    assert_string_equal(text, "1\n");
    /* A full disk does not keep it from running, and is told. */
    assert_string_equal(outcome.error.bytes, "error\n");
    assert_string_equal(outcome.error.problem, "no space left on the device");
    assert_non_null(
        strstr(mlg_command_ending(&order, &outcome, &place.arena), "the disk that it writes to has"));

    /* One line, longer than what is kept: its end. */
    order.arguments = (const char *const[]){shell, "-c", "printf '%0100d' 7", NULL};
    outcome = run(&place, &order);
    assert_string_equal(outcome.output.bytes, "00000000000000000007");
    assert_int_equal(outcome.output.total, 100);
    assert_true(outcome.free_bytes > 0);
    end(&place);
}

static void test_measures(void **state)
{
    (void)state;
    struct place place;
    begin(&place, false);
    const struct mlg_command_order order = order_of(
        &place, (const char *const[]){shell, "-c", "\"$0\" shared 100; sleep 0.2", place.helper, NULL});
    const struct mlg_command_outcome outcome = run(&place, &order);
    assert_true(outcome.seconds >= 0.7 && outcome.seconds < PATIENCE);
    assert_true(outcome.peak_memory >= (uint64_t)100 * MEGABYTE);
    assert_true(outcome.peak_memory < (uint64_t)400 * MEGABYTE); /* not five times */
    assert_true(outcome.interval > 0);
    end(&place);
}

/* ---- several at once ------------------------------------------------------------------------------- */

enum { AT_ONCE = 8 };

struct parallel {
    struct place places[AT_ONCE];
    struct mlg_command_outcome outcomes[AT_ONCE];
    int codes[AT_ONCE];
};

static void run_one(void *context, size_t index)
{
    struct parallel *all = context;
    struct place *place = &all->places[index];
    char script[64];
    snprintf(script, sizeof script, "sleep 1000 & echo %zu; exit %zu", index, index);
    const struct mlg_command_order order = order_of(place, (const char *const[]){shell, "-c", script, NULL});
    all->codes[index] = place->runner->run(&place->posix, &order, &place->arena, &all->outcomes[index], NULL);
}

static void test_at_once(void **state)
{
    (void)state;
    static struct parallel all;
    for (size_t i = 0; i < AT_ONCE; i++)
        begin(&all.places[i], i % 2);
    mlg_parallel(4, AT_ONCE, run_one, &all);
    for (size_t i = 0; i < AT_ONCE; i++) {
        char expected[8];
        snprintf(expected, sizeof expected, "%zu\n", i);
        assert_int_equal(all.codes[i], 0);
        assert_int_equal(all.outcomes[i].end, MLG_COMMAND_EXITED);
        assert_int_equal(all.outcomes[i].code, i);
        assert_int_equal(all.outcomes[i].left_behind, 1);
        assert_string_equal(all.outcomes[i].output.bytes, expected);
        end(&all.places[i]);
    }
}

/* Two directories are found at one path, by a command each and by nobody else. */
static void test_shown(void **state)
{
    (void)state;
    for (int without_namespaces = 0; without_namespaces < 2; without_namespaces++) {
        struct place place;
        begin(&place, without_namespaces);
        struct mlg_command_order order = order_of(&place, (const char *const[]){"./tool", NULL});
        for (int i = 0; i < 2; i++) {
            const char *const names[] = {"a", "b"};
            struct mlg_error error;
            order.shown_from =
                place.runner->make_directory(&place.posix, place.root, names[i], &place.arena, &error);
            order.shown_at = place.root;
            const char *own =
                place.runner->make_directory(&place.posix, order.shown_from, "run", &place.arena, &error);
            struct place inner = place;
            inner.directory = own;
            put(&inner, "tool", "#!/bin/sh\npwd; cat text; ls ..; echo > ../left\n", 0755);
            put(&inner, "text", names[i], 0644);
            const struct mlg_command_outcome outcome = run(&place, &order);
            struct stat status;
            char left[PATH_MAX];
            snprintf(left, sizeof left, "%s/left", order.shown_from);
            if (outcome.isolation & MLG_ISOLATE_PROCESSES) {
                assert_true(mlg_command_succeeded(&outcome));
                assert_string_equal(outcome.output.bytes,
                                    mlg_arena_format(&place.arena, "%s\n%srun\n", place.directory, names[i]));
                assert_int_equal(stat(left, &status), 0);
            } else {
                assert_int_equal(outcome.end, MLG_COMMAND_DID_NOT_START);
                assert_non_null(outcome.isolation_missing);
                assert_int_equal(stat(left, &status), -1);
            }
            assert_true(outcome.free_bytes > 0);
            if (without_namespaces)
                assert_string_equal(outcome.isolation_missing, "namespaces are switched off");
            snprintf(left, sizeof left, "%s/left", place.root);
            assert_int_equal(stat(left, &status), -1);
        }
        end(&place);
    }
}

/* A directory is found in the place of another, listed the other way round, where memory is empty besides. */
static void test_laid(void **state)
{
    (void)state;
    for (int without_namespaces = 0; without_namespaces < 2; without_namespaces++) {
        struct place place;
        struct mlg_command_means means;
        begin(&place, without_namespaces);
        assert_int_equal(place.runner->find_means(&place.posix, place.root, &place.arena, &means, NULL), 0);
        const char *shared = means.in_memory ? place.runner->make_directory(&place.posix, means.in_memory,
                                                                            NULL, &place.arena, NULL)
                                             : NULL;
        if (!shared) {
            print_message("not looked at: the disk lists files as they were made, or nothing is in memory\n");
            end(&place);
            continue;
        }
        assert_true(means.in_memory_room > 0 && means.in_memory_room <= 268435456);
        const char *at = place.runner->make_directory(&place.posix, place.root, "at", &place.arena, NULL);
        const char *from = mlg_arena_format(&place.arena, "%s/from", shared);
        struct place inner = place;
        inner.directory = at;
        put(&inner, "a", "", 0644);
        put(&inner, "b", "", 0644);
        assert_int_equal(place.runner->place(&place.posix, at, from, MLG_PLACE_AS_LISTED,
                                             !means.in_memory_last_is_first, NULL),
                         0);
        struct mlg_command_order order =
            order_of(&place, (const char *const[]){shell, "-c", "ls -U $0; ls /dev/shm", at, NULL});
        const char *plain = run(&place, &order).output.bytes;
        const bool is_sorted = strncmp(plain, "a\nb\n", 4) == 0;
        const struct mlg_laid laid = {from, at};
        order.laid = &laid;
        order.laid_count = 1;
        order.own_shared_memory = true;
        const struct mlg_command_outcome outcome = run(&place, &order);
        if (outcome.isolation & MLG_ISOLATE_PROCESSES)
            assert_string_equal(outcome.output.bytes, is_sorted ? "b\na\n" : "a\nb\n");
        else
            assert_int_equal(outcome.end, MLG_COMMAND_DID_NOT_START);
        assert_int_equal(place.runner->remove_directory(&place.posix, shared, NULL), 0);
        end(&place);
    }
}

/* ---- directories ----------------------------------------------------------------------------------- */

static void shell_out(const struct place *place, const char *script)
{
    char command[2048];
    snprintf(command, sizeof command, "cd '%s' && %s", place->root, script);
    assert_int_equal(system(command), 0);
}

static const char *listed(struct place *place, const char *directory)
{
    static const char *const kinds[] = {"?", "f", "d", "l", "o"};
    struct mlg_entries entries;
    struct mlg_error error;
    assert_int_equal(place->runner->list(&place->posix, directory, 100, &place->arena, &entries, &error), 0);
    const char *text = "";
    for (size_t i = 0; i < entries.count; i++)
        text = mlg_arena_format(&place->arena, "%s%s%s:%s:%lld", text, i ? " " : "", entries.items[i].path,
                                kinds[entries.items[i].kind], (long long)entries.items[i].size);
    return text;
}

static void test_make_directory(void **state)
{
    (void)state;
    struct place place;
    struct mlg_error error;
    struct stat status;
    begin(&place, false);
    const mode_t mask = umask(0777);
    const char *made = place.runner->make_directory(&place.posix, place.root, "other", &place.arena, &error);
    umask(mask);
    assert_string_equal(made, join(&place, place.root, "other"));
    assert_int_equal(stat(made, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_null(place.runner->make_directory(&place.posix, place.root, "other", &place.arena, &error));
    assert_non_null(strstr(error.text, "it is there already"));
    assert_null(place.runner->make_directory(&place.posix, "/no/such", NULL, &place.arena, &error));
    assert_string_equal(error.text, "cannot make a directory in '/no/such': no such file");
    end(&place);
}

static void test_place(void **state)
{
    (void)state;
    struct place place;
    struct mlg_error error;
    struct stat status;
    begin(&place, false);
    shell_out(&place,
              "mkdir -p in/sub && printf 12345 > in/a && printf 1 > in/sub/b && chmod 755 in/sub/b && "
              "ln -s sub/b in/inside && ln -s ../outside in/out && printf 333 > outside && ln -s nowhere "
              "in/dead && "
              "mkfifo pipe");
    const char *in = join(&place, place.root, "in"), *to = join(&place, place.root, "to/deep");
    assert_int_equal(place.runner->place(&place.posix, in, to, MLG_PLACE_COPY, false, &error), 0);
    assert_string_equal(listed(&place, to), "a:f:5 dead:l:0 inside:l:0 out:f:3 sub:d:0 sub/b:f:1");
    assert_int_equal(stat(join(&place, to, "a"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0444);
    assert_int_equal(stat(join(&place, to, "sub/b"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0555);
    assert_int_equal(stat(join(&place, to, "out"), &status), 0);
    assert_int_equal(status.st_size, 3); /* a copy of what it leads to */
    char link[PATH_MAX] = "";
    assert_true(readlink(join(&place, to, "inside"), link, sizeof link - 1) > 0);
    assert_string_equal(link, "sub/b"); /* to the copy, not to the original */

    assert_int_equal(place.runner->place(&place.posix, in, to, MLG_PLACE_COPY, true, &error), MLG_WORLD);
    assert_non_null(strstr(error.text, "it is there already"));
    const char *linked = join(&place, place.root, "linked");
    assert_int_equal(place.runner->place(&place.posix, in, linked, MLG_PLACE_LINK, false, &error), 0);
    assert_int_equal(lstat(linked, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(place.runner->place(&place.posix, join(&place, place.root, "none"), to, MLG_PLACE_COPY,
                                         false, &error),
                     MLG_WORLD);
    assert_non_null(strstr(error.text, "no such file"));
    assert_int_equal(place.runner->place(&place.posix, join(&place, place.root, "pipe"),
                                         join(&place, place.root, "copy"), MLG_PLACE_COPY, false, &error),
                     MLG_WORLD);
    assert_non_null(strstr(error.text, "it is neither a file nor a directory"));
    end(&place);
}

static void test_place_links(void **state)
{
    (void)state;
    struct place place;
    struct mlg_error error;
    struct stat status;
    char link[PATH_MAX] = "";
    begin(&place, false);
    shell_out(&place,
              "mkdir -p in/sub/deep far/near && printf 12345 > in/a && printf 1 > far/near/b && "
              "ln -s \"$PWD/in/a\" in/sub/deep/whole && ln -s ../../in/sub in/sub/round && "
              "ln -s ../far in/far && ln -s near far/other && ln -s .. far/near/back && ln -s in to-in && "
              "mkdir loop && ln -s .. loop/up");
    const char *in = join(&place, place.root, "in"), *to = join(&place, place.root, "to");
    assert_int_equal(place.runner->place(&place.posix, in, to, MLG_PLACE_COPY, false, &error), 0);
    assert_string_equal(listed(&place, to),
                        "a:f:5 far:d:0 far/near:d:0 far/near/b:f:1 far/near/back:l:0 far/other:l:0 sub:d:0 "
                        "sub/deep:d:0 sub/deep/whole:l:0 sub/round:l:0");
    assert_true(readlink(join(&place, to, "sub/deep/whole"), link, sizeof link - 1) > 0);
    assert_string_equal(link, "../../a"); /* not the original */
    memset(link, 0, sizeof link);
    assert_true(readlink(join(&place, to, "sub/round"), link, sizeof link - 1) > 0);
    assert_string_equal(link, "../sub");
    assert_int_equal(stat(join(&place, to, "far/near/back/other/b"), &status), 0);
    assert_int_equal(place.runner->place(&place.posix, join(&place, place.root, "loop"),
                                         join(&place, place.root, "endless"), MLG_PLACE_COPY, false, &error),
                     MLG_WORLD);
    assert_non_null(strstr(error.text, "in which it lies itself"));
    /* Into a directory that is there, through a link. */
    const char *full = place.runner->make_directory(&place.posix, place.root, "full", &place.arena, &error);
    assert_int_equal(place.runner->place(&place.posix, join(&place, place.root, "to-in"), full,
                                         MLG_PLACE_COPY, false, &error),
                     0);
    assert_int_equal(stat(join(&place, full, "a"), &status), 0);
    end(&place);
}

/* As a normal user; to root rights are nothing. Returns where it went wrong, or 0. */
static int move_what_is_read_only(void)
{
    struct place place;
    struct mlg_error error = {0};
    struct stat status;
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
        return 0;
    begin(&place, false);
    shell_out(&place, "mkdir other run/a && echo 1 > run/a/b && chmod 500 run/a && chmod 555 run");
    const char *kept = join(&place, place.root, "other/kept");
    if (place.runner->move(&place.posix, place.directory, kept, &error) != MLG_OK)
        return 1;
    if (stat(join(&place, kept, "a/b"), &status) != 0)
        return 2;
    if (place.runner->remove_directory(&place.posix, kept, &error) != MLG_OK)
        return 3;
    end(&place);
    return 0;
}

static void test_move_what_is_read_only(void **state)
{
    (void)state;
    int status = -1;
    fflush(NULL);
    const pid_t pid = fork();
    if (pid == 0)
        _exit(move_what_is_read_only());
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void test_look_and_move(void **state)
{
    (void)state;
    struct place place;
    struct mlg_entry entry;
    struct mlg_error error;
    struct mlg_entries entries;
    begin(&place, false);
    shell_out(&place, "printf 123 > a && ln -s a b && mkfifo c && mkdir d");
    static const struct {
        const char *name;
        enum mlg_entry_kind kind;
    } rows[] = {{"a", MLG_ENTRY_FILE},      {"b", MLG_ENTRY_LINK},    {"c", MLG_ENTRY_OTHER},
                {"d", MLG_ENTRY_DIRECTORY}, {"e", MLG_ENTRY_MISSING}, {"a/f", MLG_ENTRY_MISSING}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *path = join(&place, place.root, rows[i].name);
        assert_int_equal(place.runner->look(&place.posix, path, &entry, &error), 0);
        assert_int_equal(entry.kind, rows[i].kind);
    }
    assert_int_equal(place.runner->list(&place.posix, place.root, 3, &place.arena, &entries, &error),
                     MLG_LIMIT);
    assert_non_null(strstr(error.text, "holds more than 3 files"));
    assert_int_equal(
        place.runner->move(&place.posix, place.directory, join(&place, place.root, "kept"), &error), 0);
    assert_int_equal(place.runner->move(&place.posix, join(&place, place.root, "kept"),
                                        join(&place, place.root, "d"), &error),
                     MLG_WORLD);
    assert_non_null(strstr(error.text, "it is there already"));
    end(&place);
}

/* ---- what runs left -------------------------------------------------------------------------------- */

struct watched {
    const char *sentence, *script; /* "$0" is the file, "$1" this program */
    bool is_read;
};

static const struct watched watched[] = {
    {"nothing is done", ":", false},
    {"it is read", "cat \"$0\"", true},
    {"it is mapped", "\"$1\" map \"$0\"", true},
    {"it is read by another name", "ln \"$0\" other; cat other", true},
    {"it is read behind a link", "ln -s \"$0\" link; cat link", true},
    {"it is read, and then written", "cat \"$0\"; echo > \"$0\"", true},
    {"it is read, and then removed", "cat \"$0\"; rm \"$0\"", true},
    {"it is read by a process that is left behind", "(sleep 0.1; cat \"$0\") > /dev/null 2>&1 &", true},
    {"it is opened to read and write, and read", "head -c 1 <> \"$0\"", true},
    {"it is written, and then read", "echo > \"$0\"; cat \"$0\"", false},
    {"it is cut, and then read", ": > \"$0\"; cat \"$0\"", false},
    {"it grows", "echo >> \"$0\"", false},
    {"it is touched", "touch \"$0\"; chmod 600 \"$0\"; stat \"$0\"", false},
    {"it is removed, and made again", "rm \"$0\"; echo > \"$0\"; cat \"$0\"", false},
    {"another is put in its place", "echo > other; mv other \"$0\"; cat \"$0\"", false},
    {"it is moved away, and made again", "mv \"$0\" other; echo > \"$0\"; cat \"$0\"", false},
};

static void test_watched(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(watched); i++) {
        const struct watched *row = &watched[i / 2];
        struct place place;
        begin(&place, i % 2);
        shell_out(&place, "echo 1 > a && echo 1 > b && echo 1 > removed && rm removed");
        const char *const files[] = {join(&place, place.root, "removed"), join(&place, place.root, "a"),
                                     join(&place, place.root, "b"), NULL};
        struct mlg_command_order order =
            order_of(&place, (const char *const[]){shell, "-c", row->script, files[1], place.helper, NULL});
        order.watched = files;
        const struct mlg_command_outcome outcome = run(&place, &order);
        assert_null(outcome.unwatched);
        if (outcome.was_read[0] || outcome.was_read[1] != row->is_read || outcome.was_read[2])
            fail_msg("%s: %d %d %d", row->sentence, outcome.was_read[0], outcome.was_read[1],
                     outcome.was_read[2]);
        end(&place);
    }
}

static void test_watches_that_are_refused(void **state)
{
    (void)state;
    struct place place;
    begin(&place, false);
    place.posix.without_watches = true;
    shell_out(&place, "echo 1 > a");
    const char *const files[] = {join(&place, place.root, "a"), NULL};
    struct mlg_command_order order =
        order_of(&place, (const char *const[]){shell, "-c", "cat \"$0\"", files[0], NULL});
    assert_null(run(&place, &order).unwatched); /* nothing was to be watched */
    order.watched = files;
    const struct mlg_command_outcome outcome = run(&place, &order);
    assert_int_equal(outcome.end, MLG_COMMAND_EXITED);
    assert_false(outcome.was_read[0]);
    assert_string_equal(outcome.unwatched, "the system watches no files");
    end(&place);
}

/* The names of what is found, with a space behind each. */
static const char *found_by(struct place *place, const struct mlg_search *search, bool *is_cut)
{
    struct mlg_entries found;
    struct mlg_error error;
    const char *names = "";
    assert_int_equal(place->runner->search(&place->posix, search, &place->arena, &found, is_cut, &error), 0);
    for (size_t i = 0; i < found.count; i++) {
        assert_int_equal(strncmp(found.items[i].path, place->root, strlen(place->root)), 0);
        names =
            mlg_arena_format(&place->arena, "%s%s ", names, found.items[i].path + strlen(place->root) + 1);
        assert_non_null(names);
    }
    return names;
}

static void test_search(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {5};
    struct place place;
    struct mlg_entry entry;
    struct mlg_error error;
    bool is_cut = true;
    begin(&place, false);
    shell_out(&place, "mkdir -p old/deep out; echo 1 > old/deep/small; echo 1234 > old/five; echo 1 > last");
    usleep(50000); /* beyond the tick of the disk's clock */
    const char *last = join(&place, place.root, "last");
    assert_int_equal(place.runner->look(&place.posix, last, &entry, &error), 0);
    shell_out(&place, "mkdir -p new/deep/er mlgate-Ab12cd; chmod 700 mlgate-Ab12cd; mkdir mlgate-Xb12cd;"
                      "for d in new new/deep/er mlgate-Ab12cd mlgate-Xb12cd out .; do echo 1 > $d/m; done;"
                      ": > new/empty; mkfifo new/pipe; ln -s ../old/five new/link; ln -s ../old new/all;"
                      "echo 1 >> old/deep/small");
    const char *const directories[] = {place.root, NULL}, *const out[] = {join(&place, place.root, "out"),
                                                                          NULL};
    struct mlg_search search = {
        .directories = directories, .left_out = out, .since = entry.changed, .limit = 1000, .most = 1000};
    assert_string_equal(found_by(&place, &search, &is_cut),
                        "m mlgate-Xb12cd/m new/deep/er/m new/m old/deep/small ");
    assert_false(is_cut);
    search.sizes = sizes;
    search.size_count = COUNT(sizes);
    assert_string_equal(found_by(&place, &search, &is_cut),
                        "m mlgate-Xb12cd/m new/deep/er/m new/m old/deep/small old/five ");
    search.limit = 1; /* what changed is looked at all the same */
    assert_string_equal(found_by(&place, &search, &is_cut), "m mlgate-Xb12cd/m new/deep/er/m new/m ");
    assert_false(is_cut);
    search.most = 10; /* more than lie at the top */
    found_by(&place, &search, &is_cut);
    assert_true(is_cut);
    end(&place);
}

static void test_remove(void **state)
{
    (void)state;
    struct place place;
    struct mlg_error error;
    struct stat status;
    begin(&place, false);
    shell_out(&place, "mkdir outside && printf 1 > outside/file && ln -s ../outside run/link && "
                      "ln -s \"$PWD/outside/file\" run/file && mkdir -p run/a/b/c && : > run/a/b/c/f && "
                      "chmod 000 run/a/b/c run/a/b && mkfifo run/pipe && mkdir run/mlgate-deep-0 && "
                      ": > run/mlgate-deep-0/f && "
                      "(cd run && i=0 && while [ $i -lt 100 ]; do mkdir d && cd d && : > f && i=$((i+1)) || "
                      "exit 1; done) && "
                      "(cd run && mkdir many && cd many && seq 1000 | xargs touch)");
    assert_int_equal(place.runner->remove_directory(&place.posix, place.directory, &error), 0);
    assert_int_equal(lstat(place.directory, &status), -1);
    assert_int_equal(stat(join(&place, place.root, "outside/file"), &status), 0);
    assert_int_equal(place.runner->remove_directory(&place.posix, place.directory, &error),
                     0); /* is missing */
    /* A link to a directory is refused, with what it leads to. */
    assert_int_equal(symlink("outside", place.directory), 0);
    assert_int_equal(place.runner->remove_directory(&place.posix, place.directory, &error), MLG_WORLD);
    assert_int_equal(stat(join(&place, place.root, "outside/file"), &status), 0);
    end(&place);
}

static void test_means(void **state)
{
    (void)state;
    struct place place;
    struct mlg_error error;
    struct mlg_command_means means;
    begin(&place, false);
    assert_int_equal(place.runner->find_means(&place.posix, place.root, &place.arena, &means, &error), 0);
    assert_true(means.processors >= 1);
    assert_true(strlen(means.machine) > 0);
    assert_string_equal(listed(&place, place.root), "run:d:0"); /* it leaves nothing */
    if (means.locale) { /* it writes a comma, in a program of its own */
        char variable[64];
        snprintf(variable, sizeof variable, "LC_ALL=%s", means.locale);
        place.environment[2] = variable;
        const struct mlg_command_order order =
            order_of(&place, (const char *const[]){shell, "-c", "locale decimal_point", NULL});
        const struct mlg_command_outcome outcome = run(&place, &order);
        assert_string_equal(outcome.output.bytes, ",\n");
    }
    assert_int_equal(place.runner->find_means(&place.posix, "/no/such", &place.arena, &means, &error),
                     MLG_WORLD);
    end(&place);
}

/* Where the world says that creation changes the order in which files are listed, placing backwards does. */
static void test_file_order(void **state)
{
    (void)state;
    struct place place;
    struct mlg_command_means means;
    begin(&place, false);
    const char *shared = place.runner->make_directory(&place.posix, "/dev/shm", NULL, &place.arena, NULL);
    if (!shared) {
        print_message("not looked at: nothing can be made in /dev/shm\n");
        end(&place);
        return;
    }
    shell_out(&place, "mkdir in && cd in && touch b a d c");
    const char *in = join(&place, place.root, "in"), *one = join(&place, shared, "one"),
               *two = join(&place, shared, "two"), *three = join(&place, shared, "three");
    assert_int_equal(place.runner->place(&place.posix, in, one, MLG_PLACE_COPY, false, NULL), 0);
    assert_int_equal(place.runner->place(&place.posix, in, two, MLG_PLACE_COPY, false, NULL), 0);
    assert_int_equal(place.runner->place(&place.posix, in, three, MLG_PLACE_COPY, true, NULL), 0);
    assert_int_equal(place.runner->find_means(&place.posix, shared, &place.arena, &means, NULL), 0);
    const char *listings[3];
    for (int i = 0; i < 3; i++) {
        const struct mlg_command_order order =
            order_of(&place, (const char *const[]){shell, "-c", "ls -U \"$0\"",
                                                   i == 0   ? one
                                                   : i == 1 ? two
                                                            : three,
                                                   NULL});
        listings[i] = run(&place, &order).output.bytes;
    }
    assert_string_equal(listings[0], listings[1]);
    if (means.has_file_order)
        assert_string_not_equal(listings[0], listings[2]);
    assert_int_equal(place.runner->remove_directory(&place.posix, shared, NULL), 0);
    end(&place);
}

/* ---- what libfaketime leaves --------------------------------------------------------------------------- */

static const char shared_memory[] = "/dev/shm";

static const char *name_in_shared_memory(struct place *place, const char *start, long number,
                                         const char *rest)
{
    const char *name = mlg_arena_format(&place->arena, "%s/%s%ld%s", shared_memory, start, number, rest);
    assert_non_null(name);
    return name;
}

static bool is_removed(const char *path)
{
    struct stat status;
    const bool is_removed = lstat(path, &status) != 0;
    if (!is_removed)
        assert_int_equal(remove(path), 0);
    return is_removed;
}

/* A process that is there no more. */
static long ended_process(void)
{
    const pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return pid;
}

/* The command makes what libfaketime would. */
static void test_faketime(void **state)
{
    (void)state;
    static const char script[] =
        "cd /dev/shm && echo $$ && touch faketime_shm_$$ sem.faketime_sem_$$ faketime_shm_$$x "
        "other_shm_$$ faketime_shm_$1 && mkdir faketime_shm_$2 && "
        "ln -s faketime_shm_$$x sem.faketime_sem_$2";
    const struct timespec tick = {.tv_nsec = 50000000}; /* more than one of the clock of files */
    for (int with = 0; with < 2; with++) {
        struct place place;
        begin(&place, true);
        if (access(shared_memory, W_OK) != 0) {
            print_message("not looked at: nothing can be made in /dev/shm\n");
            end(&place);
            return;
        }
        const char *environment[] = {place.mark, place.environment[1],
                                     with ? "LD_PRELOAD=/no/such/libfaketime.so.1" : NULL, NULL};
        const long older = ended_process(), other = ended_process();
        const char *early = name_in_shared_memory(&place, "faketime_shm_", older, "");
        const int file = open(early, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        assert_true(file >= 0);
        close(file);
        nanosleep(&tick, NULL);
        const char *own = mlg_arena_format(&place.arena, "%ld", (long)getpid()),
                   *ended = mlg_arena_format(&place.arena, "%ld", other);
        struct mlg_command_order order =
            order_of(&place, (const char *const[]){shell, "-c", script, "sh", own, ended, NULL});
        order.environment = environment;
        const struct mlg_command_outcome outcome = run(&place, &order);
        const long maker = strtol(outcome.output.bytes, NULL, 10);
        assert_true(mlg_command_succeeded(&outcome) && maker > 0);
        const struct {
            const char *sentence, *path;
            bool is_removed;
        } rows[] = {
            {"shared memory of a process that has ended",
             name_in_shared_memory(&place, "faketime_shm_", maker, ""), with},
            {"its semaphore", name_in_shared_memory(&place, "sem.faketime_sem_", maker, ""), with},
            {"a link stays", name_in_shared_memory(&place, "sem.faketime_sem_", other, ""), false},
            {"a directory stays", name_in_shared_memory(&place, "faketime_shm_", other, ""), false},
            {"what has more in its name than a number stays",
             name_in_shared_memory(&place, "faketime_shm_", maker, "x"), false},
            {"what another library made stays", name_in_shared_memory(&place, "other_shm_", maker, ""),
             false},
            {"what a process has that lives stays",
             name_in_shared_memory(&place, "faketime_shm_", (long)getpid(), ""), false},
            {"what is older than the run stays", early, false},
        };
        const char *wrong = NULL;
        for (size_t i = 0; i < COUNT(rows); i++)
            if (is_removed(rows[i].path) != rows[i].is_removed)
                wrong = rows[i].sentence;
        if (wrong)
            fail_msg("%s: %s libfaketime", wrong, with ? "with" : "without");
        end(&place);
    }
}

/* A process that is killed has no time to remove what libfaketime made for it. */
static void test_killed_under_faketime(void **state)
{
    (void)state;
    struct place place;
    struct mlg_command_means means;
    begin(&place, true);
    assert_int_equal(place.runner->find_means(&place.posix, NULL, &place.arena, &means, NULL), 0);
    if (!means.faketime) {
        print_message("not looked at: libfaketime is not installed\n");
        end(&place);
        return;
    }
    const char *preload = mlg_arena_format(&place.arena, "LD_PRELOAD=%s", means.faketime);
    const char *environment[] = {
        place.mark, place.environment[1], preload, "FAKETIME=@1768478400", "FAKETIME_FMT=%s", NULL};
    struct mlg_command_order order =
        order_of(&place, (const char *const[]){shell, "-c", "echo $$; date +%s; kill -KILL $$", NULL});
    order.environment = environment;
    const struct mlg_command_outcome outcome = run(&place, &order);
    assert_int_equal(outcome.end, MLG_COMMAND_SIGNALLED);
    const long maker = strtol(outcome.output.bytes, NULL, 10);
    assert_non_null(strstr(outcome.output.bytes, "\n17684784"));
    const bool memory = is_removed(name_in_shared_memory(&place, "faketime_shm_", maker, "")),
               semaphore = is_removed(name_in_shared_memory(&place, "sem.faketime_sem_", maker, ""));
    assert_true(memory && semaphore);
    end(&place);
}

int main(int count, char **words)
{
    if (count > 1)
        return help(words);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contained),
        cmocka_unit_test(test_contained_without_namespaces),
        cmocka_unit_test(test_killed_gate),
        cmocka_unit_test(test_interrupted_gate),
        cmocka_unit_test(test_killed_supervisor),
        cmocka_unit_test(test_surroundings),
        cmocka_unit_test(test_namespaces),
        cmocka_unit_test(test_segments_are_apart),
        cmocka_unit_test(test_hidden),
        cmocka_unit_test(test_skipped_numbers),
        cmocka_unit_test(test_not_before),
        cmocka_unit_test(test_ignored_children),
        cmocka_unit_test(test_not_wanted_is_not_missing),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_output),
        cmocka_unit_test(test_measures),
        cmocka_unit_test(test_at_once),
        cmocka_unit_test(test_shown),
        cmocka_unit_test(test_make_directory),
        cmocka_unit_test(test_place),
        cmocka_unit_test(test_place_links),
        cmocka_unit_test(test_look_and_move),
        cmocka_unit_test(test_move_what_is_read_only),
        cmocka_unit_test(test_watched),
        cmocka_unit_test(test_watches_that_are_refused),
        cmocka_unit_test(test_search),
        cmocka_unit_test(test_remove),
        cmocka_unit_test(test_means),
        cmocka_unit_test(test_laid),
        cmocka_unit_test(test_file_order),
        cmocka_unit_test(test_faketime),
        cmocka_unit_test(test_killed_under_faketime),
    };
    return cmocka_run_group_tests_name("command_posix", tests, NULL, NULL);
}
