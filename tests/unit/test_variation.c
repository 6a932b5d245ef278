/* What a variation changes in a run's surroundings, and what keeps it from being done. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "mlgate/param.h"
#include "mlgate/text.h"
#include "mlgate/variation.h"
#include "world_memory.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct mlg_command_means everything = {.processors = 4,
                                                    .machine = "x86_64",
                                                    .locale = "de_DE.UTF-8",
                                                    .faketime = "/lib/faketime.so",
                                                    .has_random_addresses = true,
                                                    .can_fix_addresses = true,
                                                    .has_file_order = true};

static const struct mlg_command_means nothing = {
    .processors = 1, .machine = "riscv64", .has_random_addresses = true};

static const char *plain_environment[] = {"PATH=/bin", "HOME=/own/home", NULL};

static struct mlg_run_surroundings surroundings(void)
{
    return (struct mlg_run_surroundings){
        .environment = plain_environment, .own = "/own", .directory = "/runs/run", .settings = {.umask = -1}};
}

static mlg_variation_set all(void)
{
    return (mlg_variation_set)(((uint64_t)1 << mlg_variation_count) - 1);
}

/* ---- what is set ------------------------------------------------------------------------------------- */

struct change {
    const char *name;     /* of the variation, alone considered */
    const char *variable; /* NULL: something else is looked at */
    const char *before;   /* what all runs have of it */
    const char *plain, *varied;
};

static const struct change changes[] = {
    {"threads", "OMP_NUM_THREADS", NULL, NULL, "1"},
    {"threads", "OMP_NUM_THREADS", "1", "1", "3"},
    {"threads", "OPENBLAS_NUM_THREADS", NULL, NULL, "1"},
    {"threads", "MKL_NUM_THREADS", "4", "4", "1"},
    {"threads", "NUMEXPR_NUM_THREADS", NULL, NULL, "1"},
    {"threads", "BLIS_NUM_THREADS", NULL, NULL, "1"},
    {"threads", "VECLIB_MAXIMUM_THREADS", NULL, NULL, "1"},
    {"threads", "TF_NUM_INTRAOP_THREADS", NULL, NULL, "1"},
    {"threads", "TF_NUM_INTEROP_THREADS", NULL, NULL, "1"},
    {"threads", "NUMBA_NUM_THREADS", NULL, NULL, "1"},
    {"threads", "RAYON_NUM_THREADS", "1", "1", "3"},
    {"threads", "POLARS_MAX_THREADS", NULL, NULL, "1"},
    {"threads", "LOKY_MAX_CPU_COUNT", NULL, NULL, "1"},
    {"threads", "JULIA_NUM_THREADS", NULL, NULL, "1"},
    {"hash_seed", "PYTHONHASHSEED", NULL, "0", "4711"},
    {"hash_seed", "PYTHONHASHSEED", "4711", "4711", "4712"},
    {"locale", "LC_ALL", "C", "C", "de_DE.UTF-8"},
    {"timezone", "TZ", NULL, NULL, "<-12>12"},
    {"timezone", "TZ", "<-12>12", "<-12>12", "<+14>-14"},
    {"time", "LD_PRELOAD", NULL, "/lib/faketime.so", "/lib/faketime.so"},
    {"time", "FAKETIME", NULL, "@1768478400", "@1813065255"},
    {"home", "HOME", "/own/home", "/own/home", "/own/elsewhere"},
    {"home", "XDG_CACHE_HOME", NULL, NULL, "/own/elsewhere/cache"},
    {"path", "PATH", "/bin", "/bin", "/bin:/own/not-there"},
    {"cpu_count", "PYTHON_CPU_COUNT", NULL, NULL, "1"},
    {"cpu_count", "PYTHON_CPU_COUNT", "4", "4", "1"},
    {"kernel", "OPENBLAS_CORETYPE", NULL, NULL, "Nehalem"},
    {"kernel", "OPENBLAS_CORETYPE", "Nehalem", "Nehalem", "Haswell"},
    {"kernel", "ATEN_CPU_CAPABILITY", NULL, NULL, "default"},
    {"kernel", "NPY_DISABLE_CPU_FEATURES", NULL, NULL,
     "AVX2,FMA3,AVX512F,AVX512CD,AVX512_SKX,AVX512_CLX,AVX512_CNL,AVX512_ICL,AVX512_SPR,X86_V3,X86_V4"},
};

static void assert_same_text(const char *found, const char *expected, const char *name)
{
    if (!mlg_text_equal(found, expected))
        fail_msg("%s: %s instead of %s", name, found ? found : "nothing", expected ? expected : "nothing");
}

static void test_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(changes); i++) {
        const struct change *row = &changes[i];
        struct mlg_arena arena;
        mlg_arena_init(&arena, 0);
        const mlg_variation_set set = mlg_variation_of(row->name);
        assert_int_not_equal(set, 0);
        for (int varied = 0; varied < 2; varied++) {
            struct mlg_run_surroundings run = surroundings();
            if (row->before)
                run.environment = mlg_command_with(run.environment, row->variable, row->before, &arena);
            assert_int_equal(mlg_variation_apply(set, varied ? set : 0, &everything, &run, &arena, NULL), 0);
            assert_same_text(mlg_command_variable(run.environment, row->variable),
                             varied ? row->varied : row->plain, row->name);
        }
        mlg_arena_free(&arena);
    }
}

static void test_settings(void **state)
{
    (void)state;
    struct mlg_arena arena;
    mlg_arena_init(&arena, 0);
    struct mlg_run_surroundings plain = surroundings(), varied = surroundings();
    assert_int_equal(mlg_variation_apply(all(), 0, &everything, &plain, &arena, NULL), 0);
    assert_int_equal(mlg_variation_apply(all(), all(), &everything, &varied, &arena, NULL), 0);
    assert_int_equal(plain.settings.umask, 022);
    assert_int_equal(varied.settings.umask, 077);
    assert_int_equal(plain.settings.cpus, 0);
    assert_int_equal(varied.settings.cpus, 1);
    assert_int_equal(plain.settings.addresses, MLG_ADDRESSES_FIXED);
    assert_int_equal(varied.settings.addresses, MLG_ADDRESSES_RANDOM);
    assert_false(plain.inputs_are_backwards);
    assert_true(varied.inputs_are_backwards);
    assert_string_equal(plain.directory, "/runs/run");
    assert_string_equal(varied.directory, "/runs/run-elsewhere-and-longer");
    assert_string_equal(plain.environment[0], "PATH=/bin");
    size_t last = 0;
    while (varied.environment[last + 1])
        last++;
    assert_string_equal(varied.environment[last], "PATH=/bin:/own/not-there");
    mlg_arena_free(&arena);
}

/* What is not considered stays as it was, and a run differs from a plain one in what is varied alone. */
static void test_nothing_else_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < mlg_variation_count; i++) {
        struct mlg_arena arena;
        mlg_arena_init(&arena, 0);
        const mlg_variation_set set = (mlg_variation_set)1 << i;
        struct mlg_run_surroundings plain = surroundings(), one = surroundings(), none = surroundings();
        assert_int_equal(mlg_variation_apply(all(), 0, &everything, &plain, &arena, NULL), 0);
        assert_int_equal(mlg_variation_apply(all(), set, &everything, &one, &arena, NULL), 0);
        assert_int_equal(mlg_variation_apply(0, set, &everything, &none, &arena, NULL), 0);
        assert_ptr_equal(none.environment, plain_environment);
        unsigned differing = 0;
        for (const char **variable = one.environment; *variable; variable++) {
            char name[64] = "";
            memcpy(name, *variable, strcspn(*variable, "="));
            const char *other = mlg_command_variable(plain.environment, name);
            differing += !other || strcmp(other, strchr(*variable, '=') + 1) != 0;
        }
        differing += one.settings.umask != plain.settings.umask;
        differing += one.settings.cpus != plain.settings.cpus;
        differing += one.settings.addresses != plain.settings.addresses;
        differing += one.inputs_are_backwards != plain.inputs_are_backwards;
        differing += strcmp(one.environment[0], plain.environment[0]) != 0 &&
                     set == mlg_variation_of("environment_order");
        if (differing == 0)
            fail_msg("%s changes nothing", mlg_variations[i].name);
        if (!mlg_variations[i].varied && differing != 1)
            fail_msg("%s changes %u things", mlg_variations[i].name, differing);
        mlg_arena_free(&arena);
    }
}

/* ---- what cannot be done --------------------------------------------------------------------------- */

static const char *const missing_here[][2] = {
    {"threads", NULL},
    {"hash_seed", NULL},
    {"locale", "no locale with a decimal comma is installed"},
    {"timezone", NULL},
    {"time", "libfaketime is not installed"},
    {"home", NULL},
    {"path", NULL},
    {"umask", NULL},
    {"kernel", "nothing is known that chooses them on this machine"},
    {"aslr", "the system does not allow addresses that are fixed"},
    {"cpu_count", "there is one processor alone"},
    {"file_order", "the file system of the runs lists files in an order of its own; where TMPDIR names a "
                   "directory in memory it can be done"},
    {"environment_order", NULL},
};

static void test_missing(void **state)
{
    (void)state;
    struct mlg_arena arena;
    mlg_arena_init(&arena, 0);
    const struct mlg_run_surroundings run = surroundings();
    assert_int_equal(COUNT(missing_here), mlg_variation_count);
    mlg_variation_set possible = 0;
    for (size_t i = 0; i < COUNT(missing_here); i++) {
        const mlg_variation_set set = mlg_variation_of(missing_here[i][0]);
        assert_int_equal(set, (mlg_variation_set)1 << i);
        assert_same_text(mlg_variation_missing(&mlg_variations[i], &nothing, &run, &arena),
                         missing_here[i][1], missing_here[i][0]);
        assert_same_text(mlg_variation_missing(&mlg_variations[i], &everything, &run, &arena), NULL,
                         missing_here[i][0]);
        possible |= missing_here[i][1] ? 0 : set;
    }
    assert_int_equal(mlg_variation_possible(all(), &nothing, &run, &arena), possible);
    assert_int_equal(mlg_variation_possible(all(), &everything, &run, &arena), all());
    assert_int_equal(mlg_variation_of("thread"), 0);
    const struct mlg_command_means in_memory = {.in_memory = "/dev/shm"};
    assert_string_equal(mlg_variation_missing(&mlg_variations[11], &in_memory, &run, &arena),
                        "the file system of the runs lists files in an order of its own; in memory "
                        "(TMPDIR=/dev/shm) it can be done");
    const struct mlg_command_means never = {.can_fix_addresses = true};
    assert_string_equal(mlg_variation_missing(&mlg_variations[9], &never, &run, &arena),
                        "the system has no addresses at random");
    const struct mlg_command_means files = {.lists_nothing = true};
    assert_string_equal(mlg_variation_missing(&mlg_variations[11], &files, &run, &arena),
                        "no input is a directory or lies in one; in memory (TMPDIR=/dev/shm) the order of "
                        "single files can be varied");
    /* With one processor alone two threads are another number. */
    struct mlg_run_surroundings varied = surroundings();
    assert_int_equal(mlg_variation_apply(all(), all(), &nothing, &varied, &arena, NULL), 0);
    assert_string_equal(mlg_command_variable(varied.environment, "OMP_NUM_THREADS"), "2");
    assert_null(mlg_command_variable(varied.environment, "LC_ALL"));
    assert_null(mlg_command_variable(varied.environment, "LD_PRELOAD"));
    assert_int_equal(varied.settings.cpus, 0);
    mlg_arena_free(&arena);
}

/* What the user has set is a part of the command: nothing is varied there. */
static void test_pinned(void **state)
{
    (void)state;
    struct mlg_arena arena;
    mlg_arena_init(&arena, 0);
    const char *keys[] = {"PYTHONHASHSEED", "OMP_NUM_THREADS"}, *values[] = {"5", "4"};
    const struct mlg_map pinned = {keys, values, 2};
    struct mlg_run_surroundings run = surroundings();
    run.pinned = &pinned;
    run.environment = mlg_command_with(run.environment, keys[0], values[0], &arena);
    run.environment = mlg_command_with(run.environment, keys[1], values[1], &arena);
    assert_string_equal(mlg_variation_missing(&mlg_variations[1], &everything, &run, &arena),
                        "`environment` sets PYTHONHASHSEED");
    assert_null(mlg_variation_missing(&mlg_variations[0], &everything, &run, &arena));
    assert_int_equal(mlg_variation_apply(all(), all(), &everything, &run, &arena, NULL), 0);
    assert_string_equal(mlg_command_variable(run.environment, "PYTHONHASHSEED"), "5");
    assert_string_equal(mlg_command_variable(run.environment, "OMP_NUM_THREADS"), "4");
    assert_string_equal(mlg_command_variable(run.environment, "MKL_NUM_THREADS"), "1");
    mlg_arena_free(&arena);
}

static void test_texts(void **state)
{
    (void)state;
    struct mlg_arena arena;
    mlg_arena_init(&arena, 0);
    assert_string_equal(mlg_variation_words(0, &arena), "none");
    assert_string_equal(mlg_variation_words(1, &arena), "threads");
    assert_string_equal(mlg_variation_words(5, &arena), "threads and locale");
    assert_string_equal(mlg_variation_words(37, &arena), "threads, locale and home");
    assert_int_equal(mlg_variation_size(37), 3);
    for (size_t i = 0; i < mlg_variation_count; i++) {
        const struct mlg_variation *row = &mlg_variations[i];
        assert_true(strlen(row->sets) > 0 && strlen(row->detects) > 0 && strlen(row->remedy) > 0);
        assert_true(row->varied || row->set_varied);
    }
    mlg_arena_free(&arena);
}

static void test_no_memory(void **state)
{
    (void)state;
    for (size_t maximum = 1; maximum < 4096; maximum += 64) {
        struct mlg_arena arena;
        struct mlg_error error;
        mlg_arena_init(&arena, maximum);
        struct mlg_run_surroundings run = surroundings();
        const int code = mlg_variation_apply(all(), all(), &everything, &run, &arena, &error);
        if (code == MLG_OK)
            assert_non_null(run.environment);
        else
            assert_int_equal(code, MLG_LIMIT);
        mlg_arena_free(&arena);
    }
}

/* ---- environment ----------------------------------------------------------------------------------- */

static void test_environment(void **state)
{
    (void)state;
    struct world_memory memory;
    struct mlg_arena arena;
    world_memory_init(&memory);
    mlg_arena_init(&arena, 0);
    const char *const variables[][2] = {{"PATH", "/bin"}, {"LC_TIME", "C"},         {"HOME", "/root"},
                                        {"SECRET", "x"},  {"OMP_NUM_THREADS", "2"}, {"LANG", "C.UTF-8"}};
    for (size_t i = 0; i < COUNT(variables); i++)
        world_memory_environment(&memory, variables[i][0], variables[i][1]);
    const char *keys[] = {"A", "LANG", "EMPTY"}, *values[] = {"1", "de", NULL};
    const struct mlg_map set = {keys, values, 3};
    const char *const expected[] = {"LANG=de",
                                    "LC_TIME=C",
                                    "OMP_NUM_THREADS=2",
                                    "PATH=/bin",
                                    "HOME=/own/home",
                                    "TMPDIR=/own/tmp",
                                    "XDG_CACHE_HOME=/own/cache",
                                    "XDG_CONFIG_HOME=/own/config",
                                    "XDG_DATA_HOME=/own/data",
                                    "XDG_STATE_HOME=/own/state",
                                    "XDG_RUNTIME_DIR=/own/runtime",
                                    "A=1",
                                    "EMPTY=",
                                    NULL};
    const char **found = mlg_command_environment(&memory.world, NULL, "/own", &set, &arena);
    assert_non_null(found);
    for (size_t i = 0; i < COUNT(expected); i++)
        assert_same_text(found[i], expected[i], "environment");
    found =
        mlg_command_environment(&memory.world, (const char *const[]){"SECRET", NULL}, "/own", NULL, &arena);
    assert_string_equal(found[0], "SECRET=x");
    assert_null(mlg_command_variable(found, "PATH"));
    assert_string_equal(mlg_command_variable(found, "HOME"), "/own/home");
    /* Every directory that it names is one of those to be made. */
    for (size_t i = 1; found[i]; i++) {
        bool is_made = false;
        for (const char *const *name = mlg_command_own_directories; *name; name++)
            is_made |= strcmp(strrchr(found[i], '/') + 1, *name) == 0;
        assert_true(is_made);
    }
    mlg_arena_free(&arena);
    world_memory_free(&memory);
}

/* ---- outcomes -------------------------------------------------------------------------------------- */

struct ending {
    struct mlg_command_outcome outcome;
    const char *text;
};

static const struct ending endings[] = {
    {{.end = MLG_COMMAND_EXITED, .code = 3, .free_bytes = -1}, "ended with exit code 3"},
    {{.end = MLG_COMMAND_SIGNALLED, .code = 11, .free_bytes = -1},
     "was ended by signal 11 (segmentation fault)"},
    {{.end = MLG_COMMAND_SIGNALLED, .code = 9, .free_bytes = -1},
     "was ended by signal 9 (killed: perhaps by the system, for want of memory)"},
    {{.end = MLG_COMMAND_SIGNALLED, .code = 50, .free_bytes = -1}, "was ended by signal 50"},
    {{.end = MLG_COMMAND_TIMED_OUT, .free_bytes = -1}, "took longer than 1.5 s and was ended"},
    {{.end = MLG_COMMAND_OUT_OF_MEMORY, .peak_memory = 3221225472, .free_bytes = -1},
     "took 3.0 GiB of memory, more than the 512 MiB allowed"},
    {{.end = MLG_COMMAND_OUT_OF_MEMORY, .peak_memory = 536870920, .free_bytes = -1},
     "took all of the 512 MiB of memory allowed, and was ended"},
    {{.end = MLG_COMMAND_TALKED_ON, .free_bytes = -1},
     "printed more than the 1000 bytes allowed, and was ended"},
    {{.end = MLG_COMMAND_MULTIPLIED, .free_bytes = -1},
     "had more than the 20 processes allowed, and was ended"},
    {{.end = MLG_COMMAND_DID_NOT_START, .problem = "cannot run 'x': no such file", .free_bytes = 0},
     "cannot run 'x': no such file"},
    {{.end = MLG_COMMAND_LOST_SUPERVISOR, .free_bytes = -1},
     "was given up: the process that watched over it has been killed"},
    {{.end = MLG_COMMAND_EXITED, .code = 1, .free_bytes = 0},
     "ended with exit code 1; the disk that it writes to has no space left"},
    {{.end = MLG_COMMAND_EXITED, .code = 1, .free_bytes = 4096},
     "ended with exit code 1; the disk that it writes to has 4.0 KiB free"},
    {{.end = MLG_COMMAND_EXITED,
      .code = 1,
      .free_bytes = (int64_t)1 << 33,
      .error = {.bytes = "OSError: [Errno 28] No space left on device\n", .size = 44}},
     "ended with exit code 1; the disk that it writes to has 8.0 GiB free"},
    {{.end = MLG_COMMAND_EXITED, .code = 1, .free_bytes = (int64_t)1 << 33}, "ended with exit code 1"},
    {{.end = MLG_COMMAND_EXITED,
      .code = 1,
      .free_bytes = -1,
      .isolation = MLG_ISOLATE_NETWORK,
      .error = {.bytes = "<urlopen error [Errno -3] Temporary failure in name resolution>\n", .size = 64}},
     "ended with exit code 1; it has no network ('network: true' gives it back)"},
    {{.end = MLG_COMMAND_EXITED,
      .code = 1,
      .free_bytes = -1,
      .isolation = MLG_ISOLATE_PROCESSES,
      .error = {.bytes = "<urlopen error [Errno -3] Temporary failure in name resolution>\n", .size = 64}},
     "ended with exit code 1"},
    {{.end = MLG_COMMAND_EXITED, .problem = "processes that it started could not be ended", .free_bytes = -1},
     "ended with exit code 0; processes that it started could not be ended"},
};

static void test_endings(void **state)
{
    (void)state;
    const struct mlg_command_order order = {
        .limits = {.timeout = 1.5, .memory = 512 << 20, .output = 1000, .processes = 20}};
    for (size_t i = 0; i < COUNT(endings); i++) {
        struct mlg_arena arena;
        mlg_arena_init(&arena, 0);
        assert_string_equal(mlg_command_ending(&order, &endings[i].outcome, &arena), endings[i].text);
        assert_false(mlg_command_succeeded(&endings[i].outcome));
        mlg_arena_free(&arena);
    }
    assert_true(mlg_command_succeeded(&(struct mlg_command_outcome){.end = MLG_COMMAND_EXITED}));
}

static void test_isolation(void **state)
{
    (void)state;
    struct mlg_arena arena;
    mlg_arena_init(&arena, 0);
    struct mlg_command_outcome outcome = {.isolation = MLG_ISOLATE_NETWORK | MLG_ISOLATE_PROCESSES};
    assert_string_equal(mlg_command_isolation(&outcome, &arena), "network and processes");
    outcome.isolation = 0;
    assert_string_equal(mlg_command_isolation(&outcome, &arena), "none");
    outcome.isolation_missing = "the system refuses namespaces: permission denied";
    assert_string_equal(mlg_command_isolation(&outcome, &arena),
                        "none (the system refuses namespaces: permission denied)");
    mlg_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_nothing_else_changes),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_pinned),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_endings),
        cmocka_unit_test(test_isolation),
    };
    return cmocka_run_group_tests_name("variation", tests, NULL, NULL);
}
