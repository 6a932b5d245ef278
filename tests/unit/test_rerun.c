/* The pieces of a re-run together, in the real world: commands with one known defect each are run plainly and
 * varied, and the search names what it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "../../plugins/command_private.h"
#include "../../plugins/plugins.h"
#include "mlgate/rerun.h"
#include "mlgate/variation.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

struct place {
    struct mlg_posix posix;
    struct mlg_arena arena;
    const struct mlg_runner *runner;
    struct mlg_command_means means;
    const char *root;
    struct mlg_run_surroundings base;
};

static void begin(struct place *place)
{
    mlg_posix_init(&place->posix);
    mlg_arena_init(&place->arena, 0);
    place->runner = place->posix.world.runner;
    place->root = place->runner->make_directory(&place->posix, NULL, NULL, &place->arena, NULL);
    assert_non_null(place->root);
    assert_int_equal(
        place->runner->find_means(&place->posix, place->root, &place->arena, &place->means, NULL), 0);
    const char *own = place->runner->make_directory(&place->posix, place->root, "own", &place->arena, NULL);
    for (const char *const *name = mlg_command_own_directories; *name; name++)
        assert_non_null(place->runner->make_directory(&place->posix, own, *name, &place->arena, NULL));
    place->base = (struct mlg_run_surroundings){
        .environment = mlg_command_environment(&place->posix.world, NULL, own, NULL, &place->arena),
        .own = own,
        .directory = mlg_arena_format(&place->arena, "%s/run", place->root),
        .settings = {.umask = -1}};
    assert_non_null(place->base.environment);
}

static void end(struct place *place)
{
    assert_int_equal(place->runner->remove_directory(&place->posix, place->root, NULL), 0);
    mlg_arena_free(&place->arena);
}

/* What a script prints, in a fresh directory. */
static const char *run(struct place *place, const char *script, mlg_variation_set all,
                       mlg_variation_set varied)
{
    struct mlg_run_surroundings made = place->base;
    struct mlg_command_outcome outcome;
    struct mlg_error error;
    assert_int_equal(mlg_variation_apply(all, varied, &place->means, &made, &place->arena, &error), 0);
    const char *directory = place->runner->make_directory(
        &place->posix, place->root, strrchr(made.directory, '/') + 1, &place->arena, &error);
    assert_string_equal(directory, made.directory);
    const struct mlg_command_order order = {.arguments = (const char *const[]){"sh", "-c", script, NULL},
                                            .directory = directory,
                                            .environment = made.environment,
                                            .isolation = MLG_ISOLATE_NETWORK | MLG_ISOLATE_PROCESSES,
                                            .temporary = place->root,
                                            .limits = {.timeout = 60},
                                            .settings = made.settings};
    assert_int_equal(place->runner->run(&place->posix, &order, &place->arena, &outcome, &error), 0);
    if (!mlg_command_succeeded(&outcome))
        fail_msg("'%s' %s: %s", script, mlg_command_ending(&order, &outcome, &place->arena),
                 outcome.error.bytes);
    assert_int_equal(place->runner->remove_directory(&place->posix, directory, &error), 0);
    return outcome.output.bytes;
}

struct defect {
    const char *sentence, *script, *culprit; /* NULL: none */
    bool others;
};

static const struct defect defects[] = {
    {"nothing that is varied matters", "echo same", NULL, false},
    {"the number of threads", "echo $OMP_NUM_THREADS", "threads", false},
    {"the order of a hash", "echo $PYTHONHASHSEED", "hash_seed", false},
    {"decimal commas", "echo $LC_ALL", "locale", false},
    {"local time", "date -d @0 +%H", "timezone", false},
    {"today's date", "date +%Y", "time", false},
    {"what lies in HOME", "echo $HOME", "home", false},
    {"its directory", "pwd", "path", false},
    {"permissions", ": > file; stat -c %a file", "umask", false},
    {"the kernel of linear algebra", "echo $OPENBLAS_CORETYPE", "kernel", false},
    {"addresses", "sed -n 's/^[^-]*-\\([^ ]*\\) .*\\[stack\\]$/\\1/p' /proc/self/maps", "aslr", false},
    {"the number of processors", "env -u OMP_NUM_THREADS nproc", "cpu_count", false},
    {"the order of variables", "tr '\\0' '\\n' </proc/$$/environ | head -n 1 | cut -d= -f1",
     "environment_order", false},
    {"two things together", "case \"$HOME $TZ\" in *elsewhere*12*) echo bad;; *) echo good;; esac",
     "timezone and home", false},
    {"two things, each by itself", "echo $HOME $TZ", "timezone", true},
};

static void test_defects(void **state)
{
    (void)state;
    struct place place;
    begin(&place);
    const mlg_variation_set all =
        mlg_variation_possible((mlg_variation_set)(((uint64_t)1 << mlg_variation_count) - 1), &place.means,
                               &place.base, &place.arena);
    for (size_t i = 0; i < COUNT(defects); i++) {
        const struct defect *row = &defects[i];
        struct mlg_culprit culprit;
        mlg_variation_set set;
        /* Where the machine cannot vary it, nothing differs. */
        const bool is_possible =
            row->culprit && (!mlg_variation_of(row->culprit) || (mlg_variation_of(row->culprit) & all));
        const char *expected = is_possible ? row->culprit : NULL;
        const char *plain = run(&place, row->script, all, 0);
        assert_string_equal(run(&place, row->script, all, 0), plain);
        mlg_culprit_begin(&culprit, all, 3 * mlg_culprit_budget(mlg_variation_size(all)));
        while (mlg_culprit_next(&culprit, &set))
            mlg_culprit_tell(&culprit, strcmp(run(&place, row->script, all, set), plain) != 0);
        const char *words = mlg_variation_words(culprit.set, &place.arena);
        if (culprit.kind != (expected ? MLG_CULPRIT_NAMED : MLG_CULPRIT_NONE) ||
            (expected && strcmp(words, expected) != 0) || (expected && culprit.others != row->others))
            fail_msg("%s: kind %d, %s, others %d after %u runs", row->sentence, (int)culprit.kind, words,
                     culprit.others, culprit.runs);
        assert_true(!expected || culprit.is_confirmed);
    }
    end(&place);
}

/* ---- what would not reach the command -------------------------------------------------------------------
 */

enum program { STATIC, DYNAMIC };

/* A program of this machine, as far as its headers tell: one that has an interpreter, or has none. */
static void write_program(const struct place *place, const char *path, enum program program)
{
    char bytes[64 + 2 * 56] = "\177ELF\2";
    const uint64_t first = 64;
    const uint16_t size = 56, count = 2;
    const uint32_t types[] = {1, program == STATIC ? 6 : 3}; /* PT_LOAD and PT_PHDR or PT_INTERP */
    struct mlg_error error;
    memcpy(bytes + 32, &first, sizeof first);
    memcpy(bytes + 54, &size, sizeof size);
    memcpy(bytes + 56, &count, sizeof count);
    memcpy(bytes + 64, &types[0], sizeof *types);
    memcpy(bytes + 64 + 56, &types[1], sizeof *types);
    const struct mlg_world *world = &place->posix.world;
    assert_int_equal(world->write(world->self, path, bytes, sizeof bytes, &error), 0);
}

struct reach {
    const char *sentence, *program; /* in the directory of mlgate.yaml, which is on PATH */
    const char *variable, *value;   /* of `environment`; NULL: none */
    const char *told;               /* why time is not varied; NULL: nothing of that kind */
};

static const struct reach reaches[] = {
    {"a program that is linked statically", "./static", NULL, NULL, "'./static' is linked statically"},
    {"one that is not", "./dynamic", NULL, NULL, NULL},
    {"one on PATH", "static", NULL, NULL, "'static' is linked statically"},
    {"one on PATH that is not", "dynamic", NULL, NULL, NULL},
    {"the one of a script", "./script", NULL, NULL, "'./script' is linked statically"},
    {"one that {input} leads to", "{input}/static", NULL, NULL, "'static' is linked statically"},
    {"a text that is no program", "./text", NULL, NULL, NULL},
    {"a program that is not there", "./nothing", NULL, NULL, NULL},
    {"a library of the user's own", "./dynamic", "LD_PRELOAD", "/lib/own.so", "LD_PRELOAD is set already"},
    {"libfaketime itself", "./dynamic", "LD_PRELOAD", "/lib/libfaketime.so.1", NULL},
};

static void a_program_that_libfaketime_does_not_reach_is_told(void **state)
{
    (void)state;
    struct place place;
    begin(&place);
    struct mlg_error error = {0};
    struct mlg_arena *arena = &place.arena;
    const struct mlg_world *world = &place.posix.world;
    const char *base = place.runner->make_directory(&place.posix, place.root, "base", arena, &error);
    const char *script = mlg_arena_format(arena, "#! %s/static -e\n", base);
    write_program(&place, mlg_arena_format(arena, "%s/static", base), STATIC);
    write_program(&place, mlg_arena_format(arena, "%s/dynamic", base), DYNAMIC);
    assert_int_equal(
        world->write(world->self, mlg_arena_format(arena, "%s/script", base), script, strlen(script), &error),
        0);
    assert_int_equal(world->write(world->self, mlg_arena_format(arena, "%s/text", base), "x\n", 2, &error),
                     0);
    for (size_t i = 0; i < COUNT(reaches); i++) {
        const struct reach *row = &reaches[i];
        const char *arguments[] = {row->program}, *outputs[] = {"o"}, *inputs[] = {"."};
        const char *keys[] = {"PATH", row->variable}, *values[] = {base, row->value};
        const struct mlg_map environment = {keys, values, row->variable ? 2 : 1};
        const struct mlg_rerun_order order = {.base = base,
                                              .arguments = {.items = arguments, .count = 1},
                                              .inputs = {.items = inputs, .count = 1},
                                              .outputs = {.items = outputs, .count = 1},
                                              .environment = &environment,
                                              .timeout = 60,
                                              .vary = mlg_variation_of("time")};
        struct mlg_rerun *rerun = NULL;
        assert_int_equal(mlg_rerun_begin(world, &order, arena, &rerun, &error), 0);
        const char *told = mlg_rerun_impossible(rerun, arena);
        const bool is_told = told && row->told && strstr(told, row->told);
        if (row->told ? !is_told : told && !strstr(told, "not installed"))
            fail_msg("%s: %s", row->sentence, told ? told : "nothing");
        mlg_rerun_end(rerun);
    }
    end(&place);
}

/* ---- what is read must not change ------------------------------------------------------------------- */

/* As on a file system where writing to memory that is mapped leaves no trace in time stamps. */
static int look_without_trace(void *self, const char *path, struct mlg_entry *entry, struct mlg_error *error)
{
    const int code = mlg_directory_look(self, path, entry, error);
    const char *name = strrchr(path, '/');
    if (name && strcmp(name, "/in.txt") == 0)
        entry->modified = entry->changed = 1;
    return code;
}

struct change {
    const char *sentence, *script; /* with {original}; it runs as sh -c */
    const char *input, *workdir;
    bool at_once;      /* both runs */
    const char *error; /* NULL: none */
};

static const struct change changes[] = {
    {"what no run changes is as it was", "cat in.txt", "in.txt", NULL, false, NULL},
    {"an original that the last run changes is read after it", "[ {run} = 1 ] || printf B >\"$ORIGINAL\"",
     "in.txt", NULL, false,
     "run 2, or something else meanwhile, changed its input 'in.txt' where it was copied from"},
    {"an original that the first run changes is seen in the copy of the second",
     "[ {run} = 2 ] || printf B >\"$ORIGINAL\"", "in.txt", NULL, false,
     "run 2, or something else meanwhile, changed its input 'in.txt' where it was copied from"},
    {"a copy that a run changes is the run's own", "chmod u+w in.txt; printf B >in.txt", "in.txt", NULL,
     false, "run 1 changed its input 'in.txt'"},
    {"one of two runs at a time changes an original", "[ {run} = 2 ] || printf B >\"$ORIGINAL\"", "in.txt",
     NULL, true, "run 2, or something else meanwhile, changed its input 'in.txt' where it was copied from"},
    {"what is read where it lies is read after each run", "[ {run} = 2 ] || printf B >\"$ORIGINAL\"",
     "in.txt", ".", false, "run 1 changed its input 'in.txt'"},
    {"so is what an absolute path names", "[ {run} = 2 ] || printf B >\"$ORIGINAL\"", NULL, NULL, false,
     "run 1 changed its input '/"},
};

static void a_change_of_an_input_is_seen_in_its_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(changes); i++) {
        const struct change *row = &changes[i];
        struct place place;
        begin(&place);
        struct mlg_runner runner = *place.runner;
        struct mlg_world world = place.posix.world;
        struct mlg_error error = {0};
        runner.look = look_without_trace;
        world.runner = &runner;
        struct mlg_arena *arena = &place.arena;
        const char *base = runner.make_directory(&place.posix, place.root, "base", arena, &error);
        const char *original = mlg_arena_format(arena, "%s/in.txt", base);
        assert_int_equal(world.write(world.self, original, "A", 1, &error), 0);
        struct mlg_map environment = {0};
        const char *script =
            mlg_arena_format(arena, "ORIGINAL=%s; %s; echo {run} >{output}/o", original, row->script);
        const char *inputs[] = {row->input ? row->input : original};
        const char *outputs[] = {"o"};
        const struct mlg_rerun_order order = {.base = base,
                                              .shell = script,
                                              .workdir = row->workdir,
                                              .inputs = {.items = inputs, .count = 1},
                                              .outputs = {.items = outputs, .count = 1},
                                              .environment = &environment,
                                              .timeout = 60,
                                              .parallel = row->at_once ? 2 : 1};
        const struct mlg_rerun_plan plans[2] = {{.varied = 0}};
        struct mlg_rerun_run *made[2];
        struct mlg_rerun *rerun = NULL;
        size_t count = 0;
        assert_int_equal(mlg_rerun_begin(&world, &order, arena, &rerun, &error), 0);
        const int code = mlg_rerun_runs(rerun, plans, 2, made, &count, &error);
        if ((code == MLG_OK) != !row->error ||
            (row->error && strncmp(error.text, row->error, strlen(row->error)) != 0))
            fail_msg("%s: %d, %s", row->sentence, code, code == MLG_OK ? "no error" : error.text);
        mlg_rerun_end(rerun);
        end(&place);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_defects),
                                       cmocka_unit_test(a_program_that_libfaketime_does_not_reach_is_told),
                                       cmocka_unit_test(a_change_of_an_input_is_seen_in_its_bytes)};
    return cmocka_run_group_tests_name("rerun", tests, NULL, NULL);
}
