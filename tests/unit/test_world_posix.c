/* The real world: files are replaced whole or not at all, and nothing else is touched. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
    setenv("SOURCE_DATE_EPOCH", "86400", 1);
    assert_true(world->unix_time(world->self) == 86400);
    setenv("SOURCE_DATE_EPOCH", "soon", 1);
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
        {"a missing directory is an error that names the path", test_no_directory},
        {"devices are written to, never replaced or removed", test_devices},
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
