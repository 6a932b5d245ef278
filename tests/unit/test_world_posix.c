/* The real world: files are replaced whole or not at all, and nothing else is touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../plugins/plugins.h"

struct place {
    struct mlg_posix posix;
    char directory[64], path[128];
};

static int set_up(void **state)
{
    static struct place place;
    snprintf(place.directory, sizeof place.directory, "/tmp/mlgate-test-XXXXXX");
    if (!mkdtemp(place.directory))
        return -1;
    mlg_posix_init(&place.posix);
    snprintf(place.path, sizeof place.path, "%s/report.xml", place.directory);
    *state = &place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", place->directory);
    return system(command);
}

static size_t count_files(const char *directory)
{
    DIR *open = opendir(directory);
    assert_non_null(open);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(open));)
        count += entry->d_name[0] != '.';
    closedir(open);
    return count;
}

static void assert_content(const char *path, const char *expected)
{
    char text[100] = "";
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, expected);
}

static int put(struct place *place, const char *path, const char *text, struct mlg_error *error)
{
    return place->posix.world.write(place->posix.world.self, path, text, strlen(text), error);
}

static void test_write(void **state)
{
    struct place *place = *state;
    struct mlg_error error;
    struct stat status;
    mode_t mask = umask(027);
    assert_int_equal(put(place, place->path, "one", &error), 0);
    assert_int_equal(put(place, place->path, "two", &error), 0);
    umask(mask);
    assert_content(place->path, "two");
    assert_int_equal(count_files(place->directory), 1);
    assert_int_equal(stat(place->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
}

static void test_link(void **state)
{
    struct place *place = *state;
    struct mlg_error error;
    struct stat status;
    char link[128];
    snprintf(link, sizeof link, "%s/link.xml", place->directory);
    assert_int_equal(put(place, place->path, "one", &error), 0);
    assert_int_equal(symlink(place->path, link), 0);
    assert_int_equal(put(place, link, "two", &error), 0);
    assert_content(place->path, "two");
    assert_int_equal(lstat(link, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_true(place->posix.world.same_file(place->posix.world.self, link, place->path));
    assert_false(place->posix.world.same_file(place->posix.world.self, place->directory, place->directory));
}

/* Whatever it is that has the name, it stays as it is. */
static void test_create(void **state)
{
    struct place *place = *state;
    const struct mlg_world *world = &place->posix.world;
    struct mlg_error error;
    struct stat status;
    bool exists = true;
    char path[160], link[128];
    snprintf(link, sizeof link, "%s/link", place->directory);
    assert_int_equal(world->create(world->self, place->path, "one", 3, &exists, &error), 0);
    assert_false(exists);
    assert_content(place->path, "one");
    assert_int_equal(chmod(place->path, 0), 0);
    assert_int_equal(symlink("no/such", link), 0);
    const char *const taken[] = {place->path, link, place->directory, "/dev/null"};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        exists = false;
        assert_int_equal(world->create(world->self, taken[i], "two", 3, &exists, &error), MLG_WORLD);
        assert_true(exists);
    }
    assert_int_equal(stat(place->path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0);
    assert_int_equal(chmod(place->path, 0600), 0);
    assert_content(place->path, "one");
    assert_int_equal(count_files(place->directory), 2);

    snprintf(path, sizeof path, "%s/no/such.yaml", place->directory);
    assert_int_equal(world->create(world->self, path, "two", 3, &exists, &error), MLG_WORLD);
    assert_false(exists);
    assert_non_null(strstr(error.text, "its directory does not exist"));
}

static void test_no_directory(void **state)
{
    struct place *place = *state;
    struct mlg_error error;
    char path[160], expected[256];
    snprintf(path, sizeof path, "%s/no/such/report.xml", place->directory);
    assert_int_equal(put(place, path, "one", &error), MLG_WORLD);
    snprintf(expected, sizeof expected, "cannot write '%s': its directory does not exist", path);
    assert_string_equal(error.text, expected);
    assert_int_equal(put(place, place->directory, "one", &error), MLG_WORLD);
    assert_non_null(strstr(error.text, "it is a directory"));
    assert_int_equal(put(place, "/proc/report.xml", "one", &error), MLG_WORLD);
    assert_null(strstr(error.text, "it is closed"));
    assert_null(strstr(error.text, "its directory does not exist"));
}

/* A log that standard output goes to is written on, wherever the link to the descriptor stands. */
static void test_descriptors(void **state)
{
    struct place *place = *state;
    const struct mlg_world *world = &place->posix.world;
    struct mlg_error error;
    struct stat status;
    char link[128], further[128], log[128], own[64];
    bool is_stream = false;
    snprintf(log, sizeof log, "%s/log", place->directory);
    FILE *file = fopen(log, "w");
    assert_non_null(file);
    fputs("before;", file);
    fflush(file);
    snprintf(own, sizeof own, "/proc/self/fd/%d", fileno(file));
    snprintf(link, sizeof link, "%s/link", place->directory);
    snprintf(further, sizeof further, "%s/further", place->directory);
    assert_int_equal(symlink(own, link), 0);
    assert_int_equal(symlink("link", further), 0);
    const char *const paths[] = {own, link, further};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(world->prepare(world->self, paths[i], &is_stream, &error), 0);
        assert_true(is_stream);
        assert_int_equal(world->remove(world->self, paths[i], &error), 0);
        assert_int_equal(put(place, paths[i], "report;", &error), 0);
        assert_true(world->same_file(world->self, paths[i], log));
    }
    fputs("after", file);
    fclose(file);
    assert_content(log, "before;report;report;report;after");
    assert_int_equal(lstat(link, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(put(place, link, "closed", &error), MLG_WORLD);
    assert_int_equal(world->prepare(world->self, link, &is_stream, &error), MLG_WORLD);
    assert_non_null(strstr(error.text, "it is closed"));
    assert_int_equal(count_files(place->directory), 3);
}

static void test_pipes_are_written_to(void **state)
{
    struct place *place = *state;
    const struct mlg_world *world = &place->posix.world;
    struct mlg_error error;
    struct stat status;
    bool is_stream = false;
    char text[16] = "";
    assert_int_equal(mkfifo(place->path, 0600), 0);
    int reader = open(place->path, O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    assert_int_equal(world->prepare(world->self, place->path, &is_stream, &error), 0);
    assert_true(is_stream);
    assert_int_equal(world->remove(world->self, place->path, &error), 0);
    assert_int_equal(put(place, place->path, "report", &error), 0);
    assert_true(read(reader, text, sizeof text - 1) == 6);
    assert_string_equal(text, "report");
    close(reader);
    assert_int_equal(stat(place->path, &status), 0);
    assert_true(S_ISFIFO(status.st_mode));
}

static void test_pipes_are_read(void **state)
{
    struct place *place = *state;
    const struct mlg_world *world = &place->posix.world;
    struct mlg_error error;
    struct mlg_file file;
    char link[PATH_MAX], text[16] = "";
    snprintf(link, sizeof link, "%s/link", place->directory);
    assert_int_equal(mkfifo(place->path, 0600), 0);
    assert_int_equal(symlink(place->path, link), 0);
    assert_int_equal(world->open(world->self, place->path, &file, &error), MLG_WORLD);
    assert_int_equal(world->open(world->self, link, &file, &error), MLG_WORLD);
    assert_non_null(strstr(error.text, "it is a pipe, and nobody writes to it"));
    /* One that is slow to begin, and slow to go on. */
    const pid_t writer = fork();
    if (writer == 0) {
        usleep(100000);
        const int number = open(place->path, O_WRONLY);
        usleep(100000);
        _exit(write(number, "slow", 4) != 4 || usleep(100000) != 0 || write(number, "ly", 2) != 2);
    }
    assert_int_equal(world->open(world->self, link, &file, &error), 0);
    assert_int_equal(file.size, -1);
    assert_int_equal(world->read(world->self, &file, 0, text, sizeof text - 1, &error), 6);
    assert_string_equal(text, "slowly");
    world->close(world->self, &file);
    int status = 1;
    assert_int_equal(waitpid(writer, &status, 0), writer);
    assert_int_equal(status, 0);
}

static void test_links_to_nothing(void **state)
{
    struct place *place = *state;
    const struct mlg_world *world = &place->posix.world;
    struct mlg_error error;
    struct stat status;
    bool is_stream = true;
    char link[128], path[160];
    snprintf(link, sizeof link, "%s/link", place->directory);
    assert_int_equal(symlink("report.xml", link), 0);
    assert_int_equal(world->prepare(world->self, link, &is_stream, &error), 0);
    assert_false(is_stream);
    assert_true(world->same_file(world->self, link, place->path));
    assert_int_equal(put(place, link, "one", &error), 0);
    assert_content(place->path, "one");
    assert_int_equal(lstat(link, &status), 0);
    assert_true(S_ISLNK(status.st_mode));

    snprintf(path, sizeof path, "%s/lost", place->directory);
    assert_int_equal(symlink("no/such", path), 0);
    assert_int_equal(world->prepare(world->self, path, &is_stream, &error), MLG_WORLD);
    assert_int_equal(put(place, path, "one", &error), MLG_WORLD);
    assert_non_null(strstr(error.text, "its directory does not exist"));

    snprintf(path, sizeof path, "%s/loop", place->directory);
    assert_int_equal(symlink("loop", path), 0);
    assert_int_equal(world->prepare(world->self, path, &is_stream, &error), MLG_WORLD);
    assert_int_equal(put(place, path, "one", &error), MLG_WORLD);
    assert_non_null(strstr(error.text, "too many symbolic links"));
    assert_int_equal(lstat(path, &status), 0);
    assert_int_equal(count_files(place->directory), 4);
}

static void test_prepare(void **state)
{
    struct place *place = *state;
    const struct mlg_world *world = &place->posix.world;
    struct mlg_error error;
    struct stat status;
    bool is_stream = true;
    char path[160], other[160];
    snprintf(path, sizeof path, "%s/new/deep/report.xml", place->directory);
    snprintf(other, sizeof other, "%s/new/../new/deep//report.xml", place->directory);
    assert_int_equal(world->prepare(world->self, path, &is_stream, &error), 0);
    assert_false(is_stream);
    assert_true(world->same_file(world->self, path, other));
    assert_false(world->same_file(world->self, path, place->path));
    assert_int_equal(stat(path, &status), -1); /* only its directory is made */
    snprintf(path, sizeof path, "%s/new/deep", place->directory);
    assert_int_equal(count_files(path), 0);
    assert_int_equal(put(place, place->path, "old", &error), 0);
    assert_int_equal(world->prepare(world->self, place->path, &is_stream, &error), 0);
    assert_content(place->path, "old");

    snprintf(path, sizeof path, "%s/deep/report.xml", place->path);
    assert_int_equal(world->prepare(world->self, path, &is_stream, &error), MLG_WORLD);
    assert_non_null(strstr(error.text, "a part of the path is not a directory"));
    assert_int_equal(world->prepare(world->self, place->directory, &is_stream, &error), MLG_WORLD);
    assert_non_null(strstr(error.text, "it is a directory"));
}

static void test_same_as_standard_input(void **state)
{
    struct place *place = *state;
    const struct mlg_world *world = &place->posix.world;
    struct mlg_error error;
    int kept = dup(STDIN_FILENO);
    assert_int_equal(put(place, place->path, "a,b", &error), 0);
    int number = open(place->path, O_RDONLY);
    assert_true(number >= 0);
    dup2(number, STDIN_FILENO);
    close(number);
    bool same = world->same_file(world->self, place->path, "-");
    dup2(kept, STDIN_FILENO);
    close(kept);
    assert_true(same);
}

/* `ulimit -f` answers with a signal that would end the process, its half file left behind. */
static void test_limit_of_size(void **state)
{
    struct place *place = *state;
    struct rlimit before, low;
    struct mlg_error error;
    static char text[8192];
    memset(text, 'x', sizeof text - 1);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    low = before;
    low.rlim_cur = 4096;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    int code = put(place, place->path, text, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(code, MLG_WORLD);
    assert_non_null(strstr(error.text, "the file would be too large"));
    assert_int_equal(count_files(place->directory), 0);
}

static void test_devices(void **state)
{
    struct place *place = *state;
    struct mlg_error error;
    struct stat status;
    assert_int_equal(put(place, "/dev/null", "one", &error), 0);
    assert_int_equal(place->posix.world.remove(place->posix.world.self, "/dev/null", &error), 0);
    assert_int_equal(stat("/dev/null", &status), 0);
    assert_true(S_ISCHR(status.st_mode));
    if (stat("/dev/full", &status) != 0) {
        print_message("skipped: this machine has no /dev/full\n");
        skip();
    }
    assert_int_equal(put(place, "/dev/full", "one", &error), MLG_WORLD);
    assert_string_equal(error.text, "cannot write '/dev/full': no space left on the device");
}

static void test_remove(void **state)
{
    struct place *place = *state;
    struct mlg_error error;
    assert_int_equal(put(place, place->path, "old", &error), 0);
    assert_int_equal(place->posix.world.remove(place->posix.world.self, place->path, &error), 0);
    assert_int_equal(place->posix.world.remove(place->posix.world.self, place->path, &error), 0);
    assert_int_equal(count_files(place->directory), 0);
    assert_int_equal(place->posix.world.remove(place->posix.world.self, place->directory, &error), 0);
    assert_int_equal(access(place->directory, F_OK), 0);
}

static void test_failure_leaves_no_old_report(void **state)
{
    struct place *place = *state;
    struct mlg_error error;
    /* Too long a name for the temporary file, not for the report itself. */
    char path[400];
    int size = snprintf(path, sizeof path, "%s/", place->directory);
    memset(path + size, 'r', 250);
    path[size + 250] = '\0';
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(put(place, path, "new", &error), MLG_WORLD);
    assert_int_equal(count_files(place->directory), 0);
}

static void test_read(void **state)
{
    struct place *place = *state;
    const struct mlg_world *world = &place->posix.world;
    struct mlg_error error;
    struct mlg_file file;
    char buffer[16] = "";
    int64_t size, modified;
    assert_int_equal(put(place, place->path, "0123456789", &error), 0);
    assert_int_equal(world->open(world->self, place->path, &file, &error), 0);
    assert_true(file.size == 10 && file.modified > 0);
    assert_true(world->read(world->self, &file, 4, buffer, 16, &error) == 6);
    assert_string_equal(buffer, "456789");
    assert_true(world->read(world->self, &file, 10, buffer, 16, &error) == 0);
    assert_int_equal(world->stat(world->self, &file, &size, &modified), 0);
    assert_true(size == 10 && modified == file.modified);
    world->close(world->self, &file);
    assert_int_equal(world->open(world->self, place->directory, &file, &error), MLG_WORLD);
    assert_non_null(strstr(error.text, "it is a directory"));
    assert_int_equal(world->open(world->self, "/no/such/file", &file, &error), MLG_WORLD);
    assert_string_equal(error.text, "cannot read '/no/such/file': no such file");
}

static void test_pipe(void **state)
{
    struct place *place = *state;
    int ends[2], kept = dup(STDOUT_FILENO);
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    dup2(ends[1], STDOUT_FILENO);
    struct mlg_error error;
    int code = put(place, "-", "one", &error); /* no signal ends the process */
    dup2(kept, STDOUT_FILENO);
    close(kept);
    close(ends[1]);
    assert_int_equal(code, MLG_WORLD);
    assert_string_equal(error.text, "cannot write to standard output: the reader has closed the pipe");
}

static void test_machine(void **state)
{
    struct place *place = *state;
    const struct mlg_world *world = &place->posix.world;
    assert_true(world->processors(world->self) >= 1);
    double first = world->seconds(world->self);
    assert_true(world->seconds(world->self) >= first);
    setenv("SOURCE_DATE_EPOCH", "86400", 1); /* for what is printed, not for what is judged */
    assert_true(world->unix_time(world->self) > 1700000000);
    unsetenv("SOURCE_DATE_EPOCH");
    assert_true(world->unix_time(world->self) > 1700000000);
    assert_null(world->environment(world->self, "SOURCE_DATE_EPOCH"));
    assert_true(strlen(world->host(world->self)) < 256);
}

int main(void)
{
    static const struct {
        const char *sentence;
        CMUnitTestFunction test;
    } rows[] = {
        {"a file is replaced whole, with the rights that the umask leaves", test_write},
        {"behind a link the file is replaced, not the link", test_link},
        {"making a new file replaces nothing that has its name", test_create},
        {"a missing directory is an error that names the path", test_no_directory},
        {"devices are written to, never replaced or removed", test_devices},
        {"an open descriptor is written to through any link, the log behind it kept", test_descriptors},
        {"a pipe is written to, never replaced or removed", test_pipes_are_written_to},
        {"a pipe is read where somebody writes to it, and else an error", test_pipes_are_read},
        {"a link to nothing makes the file it names; a loop is an error", test_links_to_nothing},
        {"preparing makes directories and tells what writing would", test_prepare},
        {"standard input is known as the file that it is", test_same_as_standard_input},
        {"a file beyond the limit of size is an error that leaves nothing", test_limit_of_size},
        {"removing what is not there is fine", test_remove},
        {"a failure leaves no old report and no half one", test_failure_leaves_no_old_report},
        {"a file is read at any offset", test_read},
        {"a closed pipe is an error", test_pipe},
        {"the machine is asked", test_machine},
    };
    struct CMUnitTest tests[sizeof rows / sizeof *rows];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        tests[i] = (struct CMUnitTest){rows[i].sentence, rows[i].test, set_up, tear_down, NULL};
    return cmocka_run_group_tests_name("world_posix", tests, NULL, NULL);
}
