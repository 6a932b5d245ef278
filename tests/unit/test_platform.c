/* Where a run happens, and what that brings: GitHub's commands, summary and outputs, GitLab's files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../plugins/plugins.h"
#include "named_rows.h"
#include "world_memory.h"

/* What random bytes of a world in memory make of a word. */
#define RANDOM "abababababababababababababababab"

static const char csv[] = "label,predicted\n1,1\n1,1\n0,0\n0,0\n1,0\n0,0\n1,1\n0,1\n0,0\n1,1\n";
static const char config[] = "version: 1\n"
                             "data: {test: {path: test.csv, label: label, prediction: predicted}}\n"
                             "gates:\n"
                             "  - gate: accuracy\n"
                             "    checks:\n"
                             "      - accuracy >= 0.1\n"
                             "      - recall >= 0.999\n";

static void begin(struct world_memory *memory, const char *const *environment)
{
    world_memory_init(memory);
    world_memory_text(memory, "test.csv", csv);
    world_memory_text(memory, "mlgate.yaml", config);
    for (; *environment; environment += 2)
        world_memory_environment(memory, environment[0], environment[1]);
}

static int run(struct world_memory *memory, const char *line)
{
    char text[1000];
    const char *words[64];
    size_t count = 0;
    snprintf(text, sizeof text, "%s", line);
    for (char *word = strtok(text, "|"); word; word = strtok(NULL, "|"))
        words[count++] = word;
    return mlg_plugin_main(&memory->world, NULL, words, count);
}

static const char *file_of(const struct world_memory *memory, const char *path)
{
    const char *text = strcmp(path, "stdout") == 0   ? memory->output[1].data
                       : strcmp(path, "stderr") == 0 ? memory->output[2].data
                                                     : world_memory_get(memory, path, NULL);
    return text;
}

#define GITHUB                                                                                               \
    "GITHUB_ACTIONS", "true", "GITHUB_WORKSPACE", "/repo", "PWD", "/repo/models", "GITHUB_STEP_SUMMARY",     \
        "/sum", "GITHUB_OUTPUT", "/out"
#define GITLAB "GITLAB_CI", "true", "CI_PROJECT_DIR", "/repo", "PWD", "/repo/models"

struct row {
    const char *name;
    const char *environment[14];
    const char *line;
    int code;
    struct {
        const char *file, *part; /* part NULL: the file is not there */
        bool lacks;
    } expected[6];
};

static const struct row rows[] = {
    {"nowhere in particular nothing is brought",
     {"PWD", "/repo"},
     "run",
     1,
     {{"mlgate-out/results.json", NULL, false}, {"stdout", "::", true}}},
    {"on GitHub there are results, JUnit and a summary",
     {GITHUB},
     "run",
     1,
     {{"mlgate-out/results.json", "mlgate-results/1", false},
      {"mlgate-out/junit.xml", "<testsuites", false},
      {"mlgate-out/summary.md", "## ", false},
      {"mlgate-out/metrics.txt", NULL, false}}},
    {"what a person reads stands between stop-commands and its random word",
     {GITHUB},
     "run",
     1,
     {{"stdout", "::stop-commands::mlgate-" RANDOM "\naccuracy on test", false},
      {"stdout", "exit 1)\n::mlgate-" RANDOM "::\n::error title=", false}}},
    {"annotations name the file as the repository does",
     {GITHUB},
     "run",
     1,
     {{"stdout", ",file=models/mlgate.yaml,line=7::FAIL: recall >= 0.999", false}}},
    {"the summary is added to the step's",
     {GITHUB},
     "run",
     1,
     {{"/sum", "before\n\n## ", false}, {"/sum", "mlgate blocked: 1 failed, 1 passed", false}}},
    {"outputs are added, each until a random line",
     {GITHUB},
     "run",
     1,
     {{"/out", "old=1\nverdict<<ghadelimiter_" RANDOM "\nfail\nghadelimiter_" RANDOM "\nexit-code<<", false},
      {"/out", "\npassed<<ghadelimiter_" RANDOM "\n1\n", false},
      {"/out", "\nfailed<<ghadelimiter_" RANDOM "\n1\n", false},
      {"/out", "\ninconclusive<<ghadelimiter_" RANDOM "\n0\n", false},
      {"/out", "\nreport-json<<ghadelimiter_" RANDOM "\n/repo/models/mlgate-out/results.json\n", false},
      {"/out",
       "\nsummary<<ghadelimiter_" RANDOM "\n/repo/models/mlgate-out/summary.md\nghadelimiter_" RANDOM "\n",
       false}}},
    {"a report that is asked for replaces the one that is brought",
     {GITHUB},
     "run|--report|junit=/x/j.xml",
     1,
     {{"mlgate-out/junit.xml", NULL, false},
      {"/out", "\nreport-junit<<ghadelimiter_" RANDOM "\n/x/j.xml\n", false}}},
    {"a path that is asked for is left to it",
     {GITHUB},
     "run|--report|sarif=mlgate-out/junit.xml",
     1,
     {{"mlgate-out/junit.xml", "sarif-2.1.0", false},
      {"/out", "\nreport-junit<<ghadelimiter_" RANDOM "\n\nghadelimiter_" RANDOM "\n", false}}},
    {"where a report goes to standard output, commands go to standard error",
     {GITHUB},
     "run|--report|json=-",
     1,
     {{"stdout", "::", true},
      {"stderr", "::stop-commands::mlgate-" RANDOM "\n", false},
      {"stderr", "::error title=", false}}},
    {"annotations that go to a file are not printed",
     {GITHUB},
     "run|--report|github=a.txt",
     1,
     {{"stdout", "::", true}, {"a.txt", "::error title=", false}}},
    {"mistakes are annotations too",
     {GITHUB},
     "run|--bogus|1",
     3,
     {{"stdout", "::stop-commands::", false},
      {"stdout", "::error title=mlgate%3A an error of the suite,file=models/mlgate.yaml::", false},
      {"/out", "\nerror\n", false},
      {"/sum", "### Errors of the suite", false}}},
    {"without the files of the runner there are annotations alone",
     {"GITHUB_ACTIONS", "true"},
     "run",
     1,
     {{"stdout", "::error title=", false}, {"stdout", ",file=mlgate.yaml,line=7::", false}}},
    {"another value is no sign of GitHub",
     {"GITHUB_ACTIONS", "1"},
     "run",
     1,
     {{"stdout", "::", true}, {"mlgate-out/results.json", NULL, false}}},
    {"on GitLab there are the files that artifacts name",
     {GITLAB},
     "run",
     1,
     {{"mlgate-out/junit.xml", "<testsuites", false},
      {"mlgate-out/gl-code-quality.json", "\"path\": \"models/mlgate.yaml\"", false},
      {"mlgate-out/metrics.txt", "# EOF", false},
      {"mlgate-out/results.json", "mlgate-results/1", false},
      {"mlgate-out/summary.md", "## ", false},
      {"stdout", "::", true}}},
    {"a flag says where it is",
     {GITHUB},
     "run|--platform|plain",
     1,
     {{"stdout", "::", true}, {"mlgate-out/results.json", NULL, false}, {"/out", "verdict", true}}},
    {"a flag may say another place",
     {GITHUB},
     "run|--platform=gitlab",
     1,
     {{"stdout", "::", true}, {"mlgate-out/metrics.txt", "# EOF", false}}},
    {"an unknown place is a mistake",
     {"PWD", "/"},
     "run|--platform|jenkins",
     3,
     {{"stderr", "'jenkins'", false}, {"stderr", "gitlab", false}}},
    {"later reports name files in the same way, and bring none",
     {GITHUB},
     "report|--from|earlier.json|sarif=s.sarif",
     0,
     {{"s.sarif", "\"uri\": \"models/mlgate.yaml\"", false}, {"mlgate-out/junit.xml", NULL, false}}},
    {"what changed is told below the verdict",
     {"PWD", "/"},
     "report|--from|earlier.json|--changes|changes.md|markdown=s.md",
     0,
     {{"s.md", "### What changed since the base\n\n- less\n", false}}},
    {"what changed must be there",
     {"PWD", "/"},
     "report|--from|earlier.json|--changes|none.md|markdown=s.md",
     3,
     {{"stderr", "none.md", false}}},
};

static void test_row(void **state)
{
    const struct row *row = *state;
    struct world_memory memory;
    const char *const nothing[] = {NULL};
    begin(&memory, nothing);
    assert_int_equal(run(&memory, "run|--decide|point|--report|json=earlier.json"), 1);
    size_t size = 0;
    const char *earlier = world_memory_get(&memory, "earlier.json", &size);
    char *copy = test_malloc(size + 1);
    memcpy(copy, earlier, size + 1);
    world_memory_free(&memory);

    begin(&memory, row->environment);
    world_memory_environment(&memory, "MLGATE_DECIDE", "point");
    world_memory_text(&memory, "earlier.json", copy);
    world_memory_text(&memory, "changes.md", "- less\n");
    world_memory_text(&memory, "/sum", "before\n");
    world_memory_text(&memory, "/out", "old=1\n");
    test_free(copy);
    const int code = run(&memory, row->line);
    if (code != row->code)
        fail_msg("exit code %d: %s", code, memory.output[2].data);
    for (size_t i = 0; i < COUNT(row->expected) && row->expected[i].file; i++) {
        const char *text = file_of(&memory, row->expected[i].file), *part = row->expected[i].part;
        if (!part && text)
            fail_msg("'%s' is there", row->expected[i].file);
        if (part && !text)
            fail_msg("'%s' is not there", row->expected[i].file);
        if (part && row->expected[i].lacks == (strstr(text, part) != NULL))
            fail_msg("'%s' is%s in: %s", part, row->expected[i].lacks ? "" : " not", text);
    }
    world_memory_free(&memory);
}

static const char *const github[] = {GITHUB, NULL};

/* A step that needs the outputs must not go on without them. */
static void test_what_cannot_be_written_is_an_error(void **state)
{
    static const char *const files[] = {"/sum", "/out"};
    struct world_memory memory;
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        begin(&memory, github);
        memory.unwritable = files[i];
        assert_int_equal(run(&memory, "run|--decide|point"), 1);
        assert_non_null(strstr(memory.output[2].data, files[i]));
        world_memory_text(&memory, "mlgate.yaml",
                          "version: 1\ndata: {test: {path: test.csv, label: label, prediction: predicted}}\n"
                          "gates: [{gate: accuracy, checks: [accuracy >= 0.1]}]\n");
        assert_int_equal(run(&memory, "run"), 3);
        world_memory_free(&memory);
    }
}

static void test_a_full_summary_stays_as_it_is(void **state)
{
    enum { SIZE = 1024 * 1024 };
    struct world_memory memory;
    char *text = test_malloc(SIZE);
    size_t size = 0;
    (void)state;
    memset(text, 'x', SIZE);
    begin(&memory, github);
    world_memory_put(&memory, "/sum", WORLD_MEMORY_FILE, text, SIZE - 1000);
    assert_int_equal(run(&memory, "run|--decide|point"), 1);
    assert_non_null(strstr(memory.output[2].data, "the summary of the step is full"));
    world_memory_get(&memory, "/sum", &size);
    assert_int_equal(size, SIZE - 1000);
    world_memory_put(&memory, "/sum", WORLD_MEMORY_FILE, text, SIZE - 8000);
    assert_int_equal(run(&memory, "run|--decide|point"), 1);
    world_memory_get(&memory, "/sum", &size);
    assert_true(size > SIZE - 8000 && size <= SIZE);
    world_memory_free(&memory);
    test_free(text);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows) + 2];
    size_t count = 0;
    NAMED_ROWS(tests, count, rows, test_row);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_what_cannot_be_written_is_an_error);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(test_a_full_summary_stays_as_it_is);
    return _cmocka_run_group_tests("platform", tests, count, NULL, NULL);
}
