/* What a row takes, as docs/architecture.md tells it: nothing where sums do, little where scores are ranked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../plugins/plugins.h"
#include "world_memory.h"

enum { ROWS = 1000000, ROW_BYTES = 15 };

/* "0.12345678,1,m\n" */
static char *make_table(size_t *size)
{
    static const char header[] = "s,label,g\n";
    char *text = malloc(sizeof header + (size_t)ROWS * ROW_BYTES), *at = text;
    assert_non_null(text);
    memcpy(at, header, sizeof header - 1);
    at += sizeof header - 1;
    uint64_t random = 88172645463325252U;
    for (size_t i = 0; i < ROWS; i++, at += ROW_BYTES) {
        memcpy(at, "0.00000000,0,m\n", ROW_BYTES);
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        for (unsigned digit = 0; digit < 8; digit++)
            at[2 + digit] = (char)('0' + (random >> 7 * digit) % 10);
        at[11] = (char)('0' + (random >> 60) % 2);
        at[13] = random >> 59 & 1 ? 'f' : 'm';
    }
    *size = (size_t)(at - text);
    return text;
}

/* The most bytes that one of the processes has taken which judged so far, each check in one of its own. */
static double judge(struct world_memory *memory, const char *check, const char *slices)
{
    const char *words[] = {"--data", "t.csv",   "--label", "label",    "--score",
                           "s",      "--check", check,     "--slices", slices};
    struct rusage usage;
    int status = 0;
    const pid_t child = fork();
    if (child == 0)
        _exit(mlg_plugin_main(&memory->world, mlg_gates[0], words, slices ? 10 : 8));
    assert_true(child > 0 && waitpid(child, &status, 0) == child);
    assert_int_equal(status, 0);
    assert_int_equal(getrusage(RUSAGE_CHILDREN, &usage), 0);
    return (double)usage.ru_maxrss * 1024;
}

/* What takes less comes first. */
static void test_what_a_row_takes(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || defined(__clang__)
    skip(); /* a sanitizer takes more, and clang is what builds with them */
#endif
    struct world_memory memory;
    size_t size;
    char *table = make_table(&size);
    world_memory_init(&memory);
    memory.processors = 2;
    world_memory_put(&memory, "t.csv", WORLD_MEMORY_FILE, table, size);
    const double none = judge(&memory, "accuracy >= 0.1", NULL);
    const double all = judge(&memory, "roc_auc >= 0.1", NULL) - none;
    const double sliced = judge(&memory, "roc_auc >= 0.1", "g") - none;
    print_message("%.1f bytes a row, sliced %.1f\n", all / ROWS, sliced / ROWS);
    assert_true(all < 20. * ROWS);
    assert_true(sliced < 30. * ROWS);
    world_memory_free(&memory);
    free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"a row of ranked scores takes few bytes", test_what_a_row_takes, NULL, NULL, NULL}};
    return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}
