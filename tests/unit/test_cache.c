/* The cache: what has not changed is not judged again, and whatever has is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../plugins/plugins.h"
#include "named_rows.h"

/* A real world in a directory of its own, whose environment, clock and executable a test may change. */
struct place {
    struct mlg_posix posix; /* first: functions of the world get its address */
    struct mlg_world real;
    char directory[64], executable[128];
    const char *variables[8]; /* name, value */
    int64_t day;
    const char *grows; /* a file that gets another row when it is opened for the second time */
    unsigned opened;
};

static int silent_print(void *self, int stream, const char *bytes, size_t size)
{
    (void)self, (void)stream, (void)bytes, (void)size;
    return 0;
}

static int write_files_alone(void *self, const char *path, const char *bytes, size_t size,
                             struct mlg_error *error)
{
    struct place *place = self;
    return strcmp(path, "-") == 0 ? MLG_OK : place->real.write(self, path, bytes, size, error);
}

static const char *own_environment(void *self, const char *name)
{
    struct place *place = self;
    for (size_t i = 0; i + 1 < 8 && place->variables[i]; i += 2)
        if (strcmp(place->variables[i], name) == 0)
            return place->variables[i + 1];
    return strcmp(name, "HOME") == 0 ? place->directory : NULL;
}

static int64_t own_time(void *self)
{
    return ((struct place *)self)->day * 86400 + 7;
}

static int own_open(void *self, const char *path, struct mlg_file *file, struct mlg_error *error)
{
    struct place *place = self;
    if (strcmp(path, "/proc/self/exe") == 0)
        path = place->executable;
    if (place->grows && strstr(path, place->grows) && ++place->opened == 2) {
        FILE *grown = fopen(path, "a");
        assert_non_null(grown);
        assert_true(fputs("1,0.9\n", grown) >= 0);
        assert_int_equal(fclose(grown), 0);
    }
    return place->real.open(self, path, file, error);
}

static void shell(const struct place *place, const char *script)
{
    char command[4000];
    const int size =
        snprintf(command, sizeof command, "cd '%s' && { set -e; %s\n}", place->directory, script);
    assert_true(size > 0 && (size_t)size < sizeof command);
    assert_int_equal(system(command), 0);
}

/* What the command prints, without the end of its line. */
static const char *ask(const struct place *place, const char *script, char answer[200])
{
    char command[1000];
    snprintf(command, sizeof command, "cd '%s' && { %s\n}", place->directory, script);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    answer[fread(answer, 1, 199, pipe)] = '\0';
    pclose(pipe);
    answer[strcspn(answer, "\n")] = '\0';
    return answer;
}

static int set_up(void **state)
{
    static struct place place;
    place = (struct place){.day = 20000};
    snprintf(place.directory, sizeof place.directory, "/tmp/mlgate-test-XXXXXX");
    if (!mkdtemp(place.directory))
        return -1;
    snprintf(place.executable, sizeof place.executable, "%s/executable", place.directory);
    mlg_posix_init(&place.posix);
    place.real = place.posix.world;
    place.posix.world.print = silent_print;
    place.posix.world.write = write_files_alone;
    place.posix.world.environment = own_environment;
    place.posix.world.variable = NULL;
    place.posix.world.unix_time = own_time;
    place.posix.world.open = own_open;
    shell(&place,
          "echo one >executable\n"
          "awk 'BEGIN {print \"y,s\"; for (i = 0; i < 400; i++) print i % 2 \",\" (i % 2 ? 0.9 : 0.1)}' "
          ">test.csv\n"
          "awk 'BEGIN {print \"k,s\"; for (i = 0; i < 400; i++) print i \",\" (i % 2 ? 0.9 : 0.1)}' "
          ">scores.csv\n"
          "awk 'BEGIN {print \"k,y\"; for (i = 0; i < 400; i++) print i \",\" i % 2}' >labels.csv\n"
          "printf 'epoch,loss,val_loss\\n0,0.7,0.8\\n1,0.5,0.6\\n2,0.45,0.52\\n3,0.44,0.51\\n' >log.csv\n"
          "cat >waivers.yaml <<'END'\n"
          "- {check: second / accuracy <= 0.5, reason: known, owner: me, expires: 2999-12-31}\n"
          "END\n"
          "cat >mlgate.yaml <<'END'\n"
          "version: 1\n"
          "data:\n"
          "  test: {path: test.csv, label: y, score: s}\n"
          "  joined: {path: scores.csv, labels_path: labels.csv, join: k, label: y, score: s}\n"
          "gates:\n"
          "  - {gate: accuracy, name: first, data: test, checks: [accuracy >= 0.9]}\n"
          "  - {gate: accuracy, name: second, data: joined, checks: [accuracy <= 0.5]}\n"
          "  - {gate: overfit, name: curves, curves: log.csv, checks: [decline(val_loss) <= 10%]}\n"
          "reports: {json: results.json, junit: junit.xml}\n"
          "END");
    *state = &place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;
    shell(place, "rm -rf \"$PWD\"");
    return 0;
}

enum { MOST_WORDS = 8 };

/* `more` are words behind `run`, with blanks between. Returns the exit code. */
static int run(struct place *place, const char *more)
{
    char config[128], words[200];
    const char *list[MOST_WORDS + 3] = {"run", "--config", config};
    size_t count = 3;
    snprintf(config, sizeof config, "%s/mlgate.yaml", place->directory);
    snprintf(words, sizeof words, "%s", more);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
        list[count++] = word;
    return mlg_plugin_main(&place->posix.world, NULL, list, count);
}

static bool was_cached(const struct place *place)
{
    char answer[200];
    return strcmp(ask(place, "grep -c '\"cached\"' results.json", answer), "1") == 0;
}

static int count_entries(const struct place *place)
{
    char answer[200];
    return atoi(ask(place, "ls .mlgate/cache 2>/dev/null | wc -l", answer));
}

/* ---- what makes another key -------------------------------------------------------------------------- */

struct change {
    const char *sentence;
    const char *before;         /* shell lines before the first run; NULL: none */
    const char *change;         /* and between the two */
    const char *first, *second; /* words of the command lines; NULL: none */
    const char *name, *value;   /* of a variable in the second run */
    int64_t days;               /* that go by */
    bool is_cached;
};

#define WITH_WAIVERS "echo 'waivers: waivers.yaml' >>mlgate.yaml"

static const struct change changes[] = {
    {.sentence = "nothing has changed", .is_cached = true},
    {.sentence = "a file that was only touched has not changed",
     .change = "touch test.csv",
     .is_cached = true},
    {.sentence = "threads change nothing", .second = "--threads 1", .is_cached = true},
    {.sentence = "another day changes nothing", .days = 1, .is_cached = true},
    {.sentence = "a row more", .change = "echo 1,0.9 >>test.csv"},
    {.sentence = "another label in the file of labels", .change = "sed -i 's/^7,1/7,0/' labels.csv"},
    {.sentence = "another training log", .change = "echo 4,0.43,0.5 >>log.csv"},
    {.sentence = "a comment in the configuration", .change = "echo '# more' >>mlgate.yaml"},
    {.sentence = "another executable", .change = "echo two >executable"},
    {.sentence = "another flag", .second = "--confidence 0.9"},
    {.sentence = "another seed", .second = "--seed 4"},
    {.sentence = "another variable", .name = "MLGATE_CONFIDENCE", .value = "0.9"},
    {.sentence = "fewer gates", .second = "--only first"},
    {.sentence = "of a file that no selected gate reads nothing is known",
     .first = "--only first",
     .second = "--only first",
     .change = "echo '400,1' >>labels.csv",
     .is_cached = true},
    {.sentence = "waivers that have not changed", .before = WITH_WAIVERS, .is_cached = true},
    {.sentence = "another waiver", .before = WITH_WAIVERS, .change = "sed -i s/known/told/ waivers.yaml"},
    {.sentence = "waivers on another day", .before = WITH_WAIVERS, .days = 1},
    {.sentence = "--no-cache", .second = "--no-cache"},
    {.sentence = "MLGATE_CACHE=off", .name = "MLGATE_CACHE", .value = "off"},
    {.sentence = "MLGATE_CACHE=on", .name = "MLGATE_CACHE", .value = "on", .is_cached = true},
    {.sentence = "a pipeline", .name = "CI", .value = "true"},
    {.sentence = "GitHub", .name = "GITHUB_ACTIONS", .value = "true"},
    {.sentence = "GitLab", .name = "GITLAB_CI", .value = "true"},
    {.sentence = "CI=false is no pipeline", .name = "CI", .value = "false", .is_cached = true},
    {.sentence = "data behind a link",
     .before = "mv test.csv real.csv; ln -s real.csv test.csv",
     .is_cached = true},
    {.sentence = "changed data behind a link",
     .before = "mv test.csv real.csv; ln -s real.csv test.csv",
     .change = "echo 1,0.9 >>real.csv"},
    {.sentence = "a member of an archive",
     .before = "tar -cf test.tar test.csv; sed -i 's,path: test.csv,path: test.tar//test.csv,' mlgate.yaml",
     .is_cached = true},
    {.sentence = "an archive with another member",
     .before = "tar -cf test.tar test.csv; sed -i 's,path: test.csv,path: test.tar//test.csv,' mlgate.yaml",
     .change = "echo 1,0.9 >>test.csv; tar -cf test.tar test.csv"},
    {.sentence = "an entry with one byte changed",
     .change = "sed -i 's/\"n\": 400/\"n\": 401/' .mlgate/cache/*"},
    {.sentence = "an entry that is cut off", .change = "truncate -s -1 .mlgate/cache/*"},
    {.sentence = "an entry of one line", .change = "sed -i 2,\\$d .mlgate/cache/*"},
    {.sentence = "an empty entry", .change = "truncate -s 0 .mlgate/cache/*"},
    {.sentence = "an entry that is a directory", .change = "rm .mlgate/cache/*; mkdir \".mlgate/cache/x\""},
    {.sentence = "an entry behind a link",
     .change =
         "name=$(ls .mlgate/cache); mv \".mlgate/cache/$name\" x; ln -s \"$PWD/x\" \".mlgate/cache/$name\""},
    {.sentence = "a cache that is a link", .change = "mv .mlgate/cache x; ln -s ../x .mlgate/cache"},
};

static void test_change(void **state)
{
    const struct change *change = *state;
    void *made;
    assert_int_equal(set_up(&made), 0);
    struct place *place = made;
    if (change->before)
        shell(place, change->before);
    assert_int_not_equal(run(place, change->first ? change->first : ""), 3);
    assert_false(was_cached(place));
    assert_int_equal(count_entries(place), 1);
    if (change->change)
        shell(place, change->change);
    place->variables[0] = change->name;
    place->variables[1] = change->value;
    place->day += change->days;
    assert_int_not_equal(run(place, change->second ? change->second : ""), 3);
    assert_int_equal(was_cached(place), change->is_cached);
    assert_int_equal(tear_down(&made), 0);
}

/* ---- what is never kept ---------------------------------------------------------------------------------
 */

struct never {
    const char *sentence, *before, *words;
    int code;
};

static const struct never nevers[] = {
    {"an error is not kept", "sed -i s/score:\\ s/score:\\ absent/ mlgate.yaml", "--only first", 3},
    {"an error that is not enforced is not kept",
     "sed -i 's/path: test.csv/path: absent.csv/; s/name: first/name: first, enforce: false/' mlgate.yaml",
     "", 1},
    {"nor is one on a slice, of files that could be read",
     "sed -i 's/name: first/name: first, enforce: false, slices: [{s: [\"0.9\", \"0.7\"]}]/' mlgate.yaml",
     "--only first", 0},
    {"what runs a command is not kept",
     "printf '  - {gate: repro, run: [\"sh\", \"-c\", \"echo 1 >{output}/a\"], outputs: [a], runs: 2, "
     "checks: "
     "[identical(a)]}\\n' >gate; sed -i '/^gates/r gate' mlgate.yaml",
     "", 1},
    {"what comes through a pipe is not kept",
     "mv test.csv real.csv; mkfifo test.csv; (cat real.csv >test.csv &)", "--only first", 0},
    {"--no-cache keeps nothing", NULL, "--no-cache", 1},
    {"what results.json tells another way is not kept",
     "printf 'y,s,g\\n1,0.9,a\\377b\\n0,0.1,a\\377b\\n1,0.9,c\\n0,0.1,c\\n' >test.csv; "
     "sed -i 's/gate: accuracy, name: first/gate: fairness, name: first, min_group_rows: 1, attributes: "
     "[g]/; "
     "s/accuracy >= 0.9/selection_rate_ratio >= 0.8/' mlgate.yaml",
     "--only first", 2},
    {"nothing is written through a link", "mkdir x; ln -s x .mlgate", "", 1},
};

static void test_never(void **state)
{
    const struct never *never = *state;
    void *made;
    assert_int_equal(set_up(&made), 0);
    struct place *place = made;
    if (never->before)
        shell(place, never->before);
    assert_int_equal(run(place, never->words), never->code);
    assert_int_equal(count_entries(place), 0);
    shell(place, "test ! -e x || rmdir x"); /* it is empty */
    assert_int_equal(tear_down(&made), 0);
}

static void test_change_while_reading(void **state)
{
    struct place *place = *state;
    place->grows = "test.csv"; /* after its digest was taken, before it is judged */
    assert_int_equal(run(place, "--only first"), 0);
    assert_int_equal(place->opened >= 2, 1);
    assert_int_equal(count_entries(place), 0);
}

static void test_gate_beside_a_command(void **state)
{
    struct place *place = *state;
    shell(place,
          "printf '  - {gate: repro, run: [\"sh\", \"-c\", \"echo 1 >{output}/a\"], outputs: [a], runs: 2, "
          "checks: [identical(a)]}\\n' >gate; sed -i '/^gates/r gate' mlgate.yaml");
    assert_int_equal(run(place, "--only first"), 0);
    assert_int_equal(run(place, "--only first"), 0);
    assert_true(was_cached(place));
}

/* ---- what comes out
 * ---------------------------------------------------------------------------------------- */

/* An entry that is whole, of the very same run, made by somebody else. */
static void test_foreign_entry(void **state)
{
    struct place *place = *state;
    assert_int_equal(run(place, "--only first"), 0);
    assert_int_equal(run(place, "--only first"), 0);
    assert_true(was_cached(place));
    shell(place, "mv .local/state/mlgate/cache-secret kept-secret");
    assert_int_equal(run(place, "--only first"), 0); /* makes another secret */
    assert_false(was_cached(place));
    shell(place, "cp .mlgate/cache/* mine; cp kept-secret .local/state/mlgate/cache-secret");
    assert_int_equal(run(place, "--only first"), 0);
    assert_false(was_cached(place));
    assert_int_equal(run(place, "--only first"), 0);
    assert_true(was_cached(place));
    shell(place, "cp mine .mlgate/cache/$(ls .mlgate/cache)");
    assert_int_equal(run(place, "--only first"), 0);
    assert_false(was_cached(place));
}

static void test_renamed_entry(void **state)
{
    struct place *place = *state;
    assert_int_equal(run(place, "--only first"), 0);
    shell(place, "mkdir kept; mv .mlgate/cache/* kept");
    assert_int_equal(run(place, "--only curves"), 0);
    shell(place, "name=$(ls .mlgate/cache); mv kept/* \".mlgate/cache/$name\"");
    assert_int_equal(run(place, "--only curves"), 0);
    assert_false(was_cached(place));
}

static void test_same_bytes(void **state)
{
    struct place *place = *state;
    assert_int_equal(run(place, "--no-cache"), 1);
    shell(place, "mkdir fresh; mv results.json junit.xml fresh");
    assert_int_equal(run(place, ""), 1);
    assert_int_equal(run(place, ""), 1);
    assert_true(was_cached(place));
    shell(place, "same() {\n"
                 "  sed \"$2\" \"fresh/$1\" >one; sed \"$2\" \"$1\" >two; cmp one two\n"
                 "}\n"
                 "same results.json '/^  \"run\": {/,/^  }/d'\n"
                 "same junit.xml 's/ time=\"[0-9.]*\"//g; s/ timestamp=\"[^\"]*\"//g; s/mlgate run[^&<]*//'\n"
                 "test \"$(cat .mlgate/.gitignore)\" = '*'");
}

static void test_bounds(void **state)
{
    struct place *place = *state;
    shell(place, "mkdir -p .mlgate/cache; cd .mlgate/cache; touch -d 2001-01-01 other\n"
                 "for i in $(seq 100 179); do\n"
                 "  touch -d \"2002-01-01 00:00:00 $i minutes\" \"$(printf %064d \"$i\").json\"\n"
                 "done");
    assert_int_equal(run(place, ""), 1);
    assert_int_equal(count_entries(place), 65); /* 64 entries and what is none */
    shell(place, "cd .mlgate/cache; test ! -e *000116.json; test -e *000117.json; test -e other");
    assert_int_equal(run(place, ""), 1);
    assert_true(was_cached(place)); /* the newest is still there */
    /* As many bytes as are allowed, in few files. */
    shell(place,
          "cd .mlgate/cache; rm *.json; for i in 1 2 3; do truncate -s 30M \"$(printf %064d $i).json\"; "
          "touch -d \"2002-01-0$i\" \"$(printf %064d $i).json\"; done");
    assert_int_equal(run(place, ""), 1);
    shell(place, "cd .mlgate/cache; test ! -e *000002.json; test -e *000003.json");
}

static void test_several_at_once(void **state)
{
    enum { RUNS = 8 };
    struct place *place = *state;
    pid_t pids[RUNS];
    for (int turn = 0; turn < 3; turn++) {
        for (size_t i = 0; i < RUNS; i++) {
            pids[i] = fork();
            assert_true(pids[i] >= 0);
            if (pids[i] == 0)
                _exit(run(place, i % 2 ? "--only first" : "--only curves"));
        }
        for (size_t i = 0; i < RUNS; i++) {
            int status;
            assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
            assert_true(WIFEXITED(status));
            assert_int_equal(WEXITSTATUS(status), 0);
        }
    }
    assert_int_equal(count_entries(place), 2); /* and nothing half written */
    assert_int_equal(run(place, "--only curves"), 0);
    assert_true(was_cached(place));
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test_setup_teardown(test_change_while_reading, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_gate_beside_a_command, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_foreign_entry, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_renamed_entry, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_same_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bounds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_several_at_once, set_up, tear_down),
    };
    struct CMUnitTest tests[COUNT(changes) + COUNT(nevers)];
    size_t count = 0;
    NAMED_ROWS(tests, count, changes, test_change);
    NAMED_ROWS(tests, count, nevers, test_never);
    const int failed = cmocka_run_group_tests_name("cache: table", tests, NULL, NULL);
    return failed + cmocka_run_group_tests_name("cache", others, NULL, NULL);
}
