/* The manifest of a series of runs: what surrounds them is found in a world of memory, what is written can be
 * read, secrets stay out, and two of them differ in what is said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../plugins/plugins.h"
#include "mlgate/manifest.h"
#include "world_memory.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define COMMIT_A "00000000000000000000000000000000000000aa"
#define COMMIT_B "00000000000000000000000000000000000000bb"
#define SHA_256 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define SHA_256_B "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

/* ---- what surrounds the runs --------------------------------------------------------------------- */

struct code_row {
    const char *sentence;
    const char *files[6][2]; /* path, text */
    const char *commit, *problem;
};

static const struct code_row codes[] = {
    {"there is no repository", {{"/a/b/x", ""}}, NULL, "there is no git repository"},
    {"HEAD is a commit", {{"/a/b/.git/HEAD", COMMIT_A "\n"}}, COMMIT_A, NULL},
    {"HEAD is a longer commit", {{"/a/b/.git/HEAD", SHA_256 "\n"}}, SHA_256, NULL},
    {"HEAD is a branch",
     {{"/a/b/.git/HEAD", "ref: refs/heads/main\n"}, {"/a/b/.git/refs/heads/main", COMMIT_A "\n"}},
     COMMIT_A,
     NULL},
    {"the branch is packed, and the name of another begins like it",
     {{"/a/b/.git/HEAD", "ref: refs/heads/main\n"},
      {"/a/b/.git/packed-refs", "# pack-refs with: peeled\n" COMMIT_B " refs/heads/main2\n" COMMIT_B
                                " a/refs/heads/main\n" COMMIT_A " refs/heads/main\n^" COMMIT_B "\n"}},
     COMMIT_A,
     NULL},
    {"a branch that is not packed counts before one that is",
     {{"/a/b/.git/HEAD", "ref: refs/heads/main\n"},
      {"/a/b/.git/refs/heads/main", COMMIT_A "\n"},
      {"/a/b/.git/packed-refs", COMMIT_B " refs/heads/main\n"}},
     COMMIT_A,
     NULL},
    {"the repository is further up", {{"/a/.git/HEAD", COMMIT_A}}, COMMIT_A, NULL},
    {"the nearest repository counts",
     {{"/a/.git/HEAD", COMMIT_B}, {"/a/b/.git/HEAD", COMMIT_A}},
     COMMIT_A,
     NULL},
    {"a linked worktree",
     {{"/a/b/.git", "gitdir: /m/.git/worktrees/b\n"},
      {"/m/.git/worktrees/b/HEAD", "ref: refs/heads/side\n"},
      {"/m/.git/worktrees/b/commondir", "../..\n"},
      {"/m/.git/worktrees/b/../../refs/heads/side", COMMIT_A}},
     COMMIT_A,
     NULL},
    {"a submodule",
     {{"/a/b/.git", "gitdir: ../.git/modules/b\n"}, {"/a/b/../.git/modules/b/HEAD", COMMIT_A}},
     COMMIT_A,
     NULL},
    {"a branch without commits",
     {{"/a/b/.git/HEAD", "ref: refs/heads/main\n"}},
     NULL,
     "its branch has no commit, or one that takes git to find"},
    {"HEAD is something else", {{"/a/b/.git/HEAD", "nonsense\n"}}, NULL, "its HEAD is no commit"},
    {"HEAD is empty", {{"/a/b/.git/HEAD", ""}}, NULL, "its HEAD is no commit"},
};

static void test_code(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(codes); i++) {
        const struct code_row *row = &codes[i];
        struct world_memory memory;
        struct mlg_arena arena;
        struct mlg_manifest_facts facts;
        struct mlg_error error;
        world_memory_init(&memory);
        mlg_arena_init(&arena, 0);
        for (size_t f = 0; f < COUNT(row->files) && row->files[f][0]; f++)
            world_memory_text(&memory, row->files[f][0], row->files[f][1]);
        assert_int_equal(mlg_manifest_look(&memory.world, "/a/b", &arena, &facts, &error), MLG_OK);
        if (!mlg_text_equal(facts.commit, row->commit) || !mlg_text_equal(facts.commit_problem, row->problem))
            fail_msg("%s: %s, %s", row->sentence, facts.commit, facts.commit_problem);
        mlg_arena_free(&arena);
        world_memory_free(&memory);
    }
}

static void test_surroundings(void **state)
{
    (void)state;
    struct world_memory memory;
    struct mlg_arena arena;
    struct mlg_manifest_facts facts;
    struct mlg_error error;
    world_memory_init(&memory);
    mlg_arena_init(&arena, 0);
    assert_int_equal(mlg_manifest_look(&memory.world, "/a", &arena, &facts, &error), MLG_OK);
    assert_null(facts.cpu);
    assert_null(facts.cpu_flags);
    assert_null(facts.container);
    assert_int_equal(facts.lockfiles.count, 0);
    world_memory_text(&memory, "/proc/cpuinfo",
                      "processor\t: 0\nmodel\t\t: 7\nmodel name\t: Some CPU @ 2 GHz\nflags\t\t: fpu avx2\n\n"
                      "processor\t: 1\nmodel name\t: Other\nflags\t\t: fpu\n");
    world_memory_text(&memory, "/proc/1/cgroup", "0::/docker/" SHA_256 "\n");
    world_memory_text(&memory, "/a/uv.lock", "b");
    world_memory_text(&memory, "/a/requirements.txt", "a");
    world_memory_text(&memory, "/a/other.lock", "c");
    assert_int_equal(mlg_manifest_look(&memory.world, "/a", &arena, &facts, &error), MLG_OK);
    assert_string_equal(facts.cpu, "Some CPU @ 2 GHz");
    assert_string_equal(facts.cpu_flags, "fpu avx2");
    assert_string_equal(facts.container, SHA_256);
    assert_int_equal(facts.lockfiles.count, 2);
    assert_string_equal(facts.lockfiles.items[0].path, "requirements.txt");
    assert_string_equal(facts.lockfiles.items[1].path, "uv.lock");
    char sha256[65];
    mlg_sha256("b", 1, sha256);
    assert_string_equal(facts.lockfiles.items[1].sha256, sha256);
    /* Control groups without an id: files of the container come from a directory that is called by it. */
    world_memory_text(&memory, "/proc/1/cgroup", "0::/\n");
    world_memory_text(&memory, "/proc/self/mountinfo",
                      "1 2 0:1 / / rw\n3 1 8:1 /var/lib/docker/overlay/" SHA_256 " /x rw\n"
                      "4 1 8:1 /var/lib/docker/containers/" SHA_256_B "/hostname /etc/hostname rw\n");
    assert_int_equal(mlg_manifest_look(&memory.world, "/a", &arena, &facts, &error), MLG_OK);
    assert_string_equal(facts.container, SHA_256_B);
    world_memory_text(&memory, "/proc/self/mountinfo", "4 1 8:1 /containers/abc /etc/hostname rw\n");
    /* Neither: what runners of containers leave at the root tells. */
    world_memory_text(&memory, "/proc/1/cgroup", "0::/\n");
    world_memory_text(&memory, "/.dockerenv", "");
    assert_int_equal(mlg_manifest_look(&memory.world, "/a", &arena, &facts, &error), MLG_OK);
    assert_string_equal(facts.container, "its id is not known");
    /* What is there and cannot be read is no fact. */
    world_memory_put(&memory, "/a/poetry.lock", WORLD_MEMORY_FAILING, "abc", 3);
    assert_int_not_equal(mlg_manifest_look(&memory.world, "/a", &arena, &facts, &error), MLG_OK);
    assert_non_null(strstr(error.text, "/a/poetry.lock"));
    mlg_arena_free(&arena);
    world_memory_free(&memory);
}

static void test_real_machine(void **state)
{
    (void)state;
    struct mlg_posix posix;
    struct mlg_arena arena;
    struct mlg_machine machine;
    struct mlg_error error;
    mlg_posix_init(&posix);
    mlg_arena_init(&arena, 0);
    assert_int_equal(posix.world.runner->find_machine(&posix, &arena, &machine, &error), MLG_OK);
    assert_string_equal(machine.system, "Linux");
    assert_true(machine.kernel[0] >= '1' && machine.kernel[0] <= '9');
    assert_true(strlen(machine.architecture) > 0);
    assert_true(machine.processors >= 1);
    mlg_arena_free(&arena);
}

/* ---- the program and its packages ---------------------------------------------------------------- */

struct program_row {
    const char *sentence;
    const char *words[5], *shell, *environment[3];
    const char *path;     /* below the directory of the test, or the whole */
    const char *packages; /* "a 1, b 2"; or why they are not known */
};

/* {T} is the directory of the test. Files of more than a name have the text behind the blank. */
static const char *const installed[] = {
    "v/bin/python -> ../../p/bin/python3.11",
    "v/pyvenv.cfg home = x",
    "v/lib/python3.11/site-packages/scikit_learn-1.5.2.dist-info/",
    "v/lib/python3.11/site-packages/Zope.Interface-7.0-py3.11.egg-info",
    "v/lib/python3.11/site-packages/own.egg-info/",
    "v/lib/python3.11/site-packages/twice-2.0.dist-info/",
    "v/lib/python3.11/site-packages/twice-1.0.dist-info/",
    "v/lib/python3.11/site-packages/~umpy-1.0.dist-info/",
    "v/lib/python3.11/site-packages/numpy/x-1.0.dist-info/",
    "v/lib/python3.9/site-packages/old-1.0.dist-info/",
    "s/bin/python3 -> ../../p/bin/python3.11",
    "s/pyvenv.cfg version = 3\ninclude-system-site-packages = true\n",
    "s/lib/python3.11/site-packages/numpy-2.0.dist-info/",
    "p/bin/python3.11 x",
    "p/lib/python3.11/site-packages/numpy-1.0.dist-info/",
    "p/lib/python3.11/dist-packages/pip-9.dist-info/",
    "n/bin/python3 x",
    "t/more-4.dist-info/",
    "b/train #!/usr/bin/env python\n",
    "b/tool #!{T}/v/bin/python -s\n",
    "b/train.sh echo\n",
    ".venv/bin/python x",
    ".venv/pyvenv.cfg home = x",
    ".venv/lib/python3.12/site-packages/uvicorn-1.dist-info/",
};

#define PACKAGES_OF_V "own , scikit-learn 1.5.2, twice 1.0 and 2.0, zope-interface 7.0"
#define NOT_NAMED "the command names no Python"

static const struct program_row programs[] = {
    {"a venv on PATH",
     {"python", "x.py"},
     .environment = {"PATH=/x:{T}/v/bin"},
     .path = "v/bin/python",
     .packages = PACKAGES_OF_V},
    {"a path below the directory", {"v/bin/python"}, .path = "v/bin/python", .packages = PACKAGES_OF_V},
    {"behind another program",
     {"nice", "{T}/v/bin/python"},
     .path = "v/bin/python",
     .packages = PACKAGES_OF_V},
    {"a venv with the packages of its Python",
     {"s/bin/python3"},
     .path = "s/bin/python3",
     .packages = "numpy 2.0, pip 9"},
    {"what PYTHONPATH names comes first",
     {"s/bin/python3"},
     .environment = {"PYTHONPATH=x:{T}/p/lib/python3.11/site-packages:{T}/t"},
     .path = "s/bin/python3",
     .packages = "more 4, numpy 1.0, pip 9"},
    {"no venv", {"p/bin/python3.11"}, .path = "p/bin/python3.11", .packages = "numpy 1.0, pip 9"},
    {"a Python without a directory of packages",
     {"n/bin/python3"},
     .path = "n/bin/python3",
     .packages = "where the packages of its Python lie is not known"},
    {"a script whose first line names env",
     {"b/train"},
     .environment = {"PATH={T}/v/bin"},
     .path = "v/bin/python",
     .packages = PACKAGES_OF_V},
    {"a script whose first line names it",
     {"tool"},
     .environment = {"PATH={T}/b"},
     .path = "v/bin/python",
     .packages = PACKAGES_OF_V},
    {"a text for sh", .shell = "cd x && OUT=1 {T}/v/bin/python x.py;", .path = "v/bin/python",
     .packages = PACKAGES_OF_V},
    {"a venv that a text for sh turns on", .shell = ". v/bin/activate; python3 x.py",
     .environment = {"PATH={T}/s/bin"}, .path = "v/bin/python", .packages = PACKAGES_OF_V},
    {"a script for sh in a venv",
     {"sh", "b/train.sh"},
     .environment = {"VIRTUAL_ENV={T}/v", "PATH=/bin"},
     .path = "v/bin/python",
     .packages = PACKAGES_OF_V},
    {"uv takes that of the project",
     {"uv", "run", "python", "x.py"},
     .environment = {"PATH={T}/v/bin"},
     .path = ".venv/bin/python",
     .packages = "uvicorn 1"},
    {"conda takes nobody knows which",
     {"b/conda", "run", "python"},
     .environment = {"PATH={T}/v/bin"},
     .packages = NOT_NAMED},
    {"another program", {"b/train.sh"}, .path = "b/train.sh", .packages = NOT_NAMED},
    {"a program that is not there", {"python"}, .environment = {"PATH=/x"}, .packages = NOT_NAMED},
    {"what is called like a Python, and is none",
     {"b/train.sh", "python_x", "x.python"},
     .environment = {"PATH={T}/v/bin"},
     .path = "b/train.sh",
     .packages = NOT_NAMED},
};

static const char *in_place(struct mlg_arena *arena, const char *root, const char *text)
{
    const char *mark = text ? strstr(text, "{T}") : NULL;
    return mark ? in_place(arena, root,
                           mlg_arena_format(arena, "%.*s%s%s", (int)(mark - text), text, root, mark + 3))
                : text;
}

static void install(struct mlg_arena *arena, const char *root)
{
    for (size_t i = 0; i < COUNT(installed); i++) {
        char *path = mlg_arena_format(arena, "%s/%s", root, installed[i]), *blank = strchr(path, ' ');
        for (char *slash = strchr(path + strlen(root) + 1, '/'); slash && (!blank || slash < blank);
             slash = strchr(slash + 1, '/')) {
            *slash = '\0';
            mkdir(path, 0700);
            *slash = '/';
        }
        if (path[strlen(path) - 1] == '/')
            continue;
        if (blank)
            *blank = '\0';
        if (blank && strncmp(blank + 1, "-> ", 3) == 0) {
            assert_int_equal(symlink(blank + 4, path), 0);
            continue;
        }
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(blank ? in_place(arena, root, blank + 1) : "", file);
        fclose(file);
    }
}

static void test_programs(void **state)
{
    (void)state;
    struct mlg_posix posix;
    struct mlg_arena arena;
    struct mlg_error error;
    mlg_posix_init(&posix);
    mlg_arena_init(&arena, 0);
    const struct mlg_world *world = &posix.world;
    const char *made = world->runner->make_directory(&posix, NULL, NULL, &arena, &error);
    const char *root = world->runner->real_path(&posix, made, &arena, &error);
    install(&arena, root);
    for (size_t i = 0; i < COUNT(programs); i++) {
        const struct program_row *row = &programs[i];
        const char *words[5] = {0}, *environment[4] = {0};
        struct mlg_rerun_order order = {.arguments = {words, NULL, 0},
                                        .shell = in_place(&arena, root, row->shell)};
        for (; row->words[order.arguments.count]; order.arguments.count++)
            words[order.arguments.count] = in_place(&arena, root, row->words[order.arguments.count]);
        for (size_t k = 0; k < 3 && row->environment[k]; k++)
            environment[k] = in_place(&arena, root, row->environment[k]);
        const struct mlg_rerun_view view = {.order = &order, .base = root, .environment = environment};
        struct mlg_manifest_program program;
        assert_int_equal(mlg_manifest_find_program(world, &view, &arena, &program, &error), MLG_OK);
        const char *found = "", *path = program.path;
        for (size_t k = 0; k < program.package_count; k++)
            found = mlg_arena_format(&arena, "%s%s%s %s", found, k ? ", " : "", program.packages[k].name,
                                     program.packages[k].version);
        found = program.has_packages ? found : program.packages_problem;
        path = path && strncmp(path, root, strlen(root)) == 0 ? path + strlen(root) + 1 : path;
        if (!mlg_text_equal(path, row->path) || strcmp(found, row->packages) != 0)
            fail_msg("%s: %s, %s", row->sentence, path, found);
        assert_int_equal(strlen(program.sha256), row->path ? 64 : 0);
    }
    assert_int_equal(world->runner->remove_directory(&posix, made, &error), MLG_OK);
    mlg_arena_free(&arena);
}

/* ---- written and read ---------------------------------------------------------------------------- */

struct sample {
    struct mlg_arena arena;
    struct world_memory memory;
    struct mlg_rerun_order order;
    struct mlg_map set;
    struct mlg_rerun_file outputs[2];
    struct mlg_rerun_run runs[2], *pointers[2];
    struct mlg_manifest_file input, lockfile, contents[2];
    struct mlg_manifest_files directory;
    struct mlg_manifest manifest;
};

static const char *arguments[] = {"python", "train.py", "a \"b\"\n\xc3\xa9\x1b", "{output}"};
static const char *outputs[] = {"model.npz"};
static const char *inputs[] = {"train.py"};
static const char *inherit[] = {"MODE"};
static const char *left_out[] = {"out/r.json"};
static const char *set_keys[] = {"LEVEL"};
static const char *set_values[] = {"2"};
static const char *first_environment[] = {"LANG=C", "HOME=/tmp/r1/own", "MODE=a=b", "LEVEL=2", NULL};
static const char *second_environment[] = {"LANG=C", "HOME=/tmp/r1/other", "MODE=a=b", "LEVEL=2", "TZ=X",
                                           NULL};

static const char *ignore[] = {"/t"};
static struct mlg_manifest_package packages[] = {{"a", "", 0}, {"numpy", "2.0", 0}};

static void begin(struct sample *sample)
{
    *sample = (struct sample){0};
    world_memory_init(&sample->memory);
    mlg_arena_init(&sample->arena, 0);
    sample->set = (struct mlg_map){set_keys, set_values, 1};
    sample->order = (struct mlg_rerun_order){.arguments = {arguments, NULL, 4},
                                             .inputs = {inputs, NULL, 1},
                                             .outputs = {outputs, NULL, 1},
                                             .environment = &sample->set,
                                             .inherit = {inherit, NULL, 1},
                                             .timeout = 0.1,
                                             .memory = 9007199254740992U / 16,
                                             .vary = mlg_variation_of("home") | mlg_variation_of("timezone")};
    for (unsigned i = 0; i < 2; i++) {
        sample->outputs[i] = (struct mlg_rerun_file){
            .path = "/tmp/r1/kept", .size = 7, .sha256 = SHA_256, .meaning = SHA_256_B};
        sample->runs[i] =
            (struct mlg_rerun_run){.number = i + 1,
                                   .seed = "7",
                                   .varied = i ? sample->order.vary : 0,
                                   .environment = i ? second_environment : first_environment,
                                   .outputs = &sample->outputs[i],
                                   .outcome = {.seconds = 1.23456789, .peak_memory = i * 4096U}};
        sample->pointers[i] = &sample->runs[i];
    }
    sample->input = (struct mlg_manifest_file){.path = "train.py", .sha256 = SHA_256};
    sample->contents[0] = (struct mlg_manifest_file){.path = "a \"1\".csv", .sha256 = SHA_256};
    sample->contents[1] = (struct mlg_manifest_file){.path = "b.csv", .sha256 = SHA_256};
    sample->directory = (struct mlg_manifest_files){sample->contents, 2};
    sample->input.files = &sample->directory;
    sample->lockfile = (struct mlg_manifest_file){.path = "uv.lock", .sha256 = SHA_256};
    sample->manifest = (struct mlg_manifest){.version = "1.2.3",
                                             .order = &sample->order,
                                             .inputs = {&sample->input, 1},
                                             .left_out = {left_out, NULL, 1},
                                             .ignore = {ignore, NULL, 1},
                                             .tolerance = 1e-9,
                                             .relative = 0.5,
                                             .program = {.path = "/v/bin/python",
                                                         .sha256 = SHA_256,
                                                         .has_packages = true,
                                                         .packages = packages,
                                                         .package_count = 2},
                                             .facts = {.lockfiles = {&sample->lockfile, 1},
                                                       .commit = COMMIT_A,
                                                       .machine = {"Linux", "6.1", "x86_64", "glibc 2.36", 4},
                                                       .cpu = "Some CPU",
                                                       .cpu_flags = "fpu"},
                                             .root = "/tmp/r1",
                                             .runs = sample->pointers,
                                             .run_count = 2};
}

static void end(struct sample *sample)
{
    mlg_arena_free(&sample->arena);
    world_memory_free(&sample->memory);
}

static const char *write_sample(struct sample *sample, const struct mlg_manifest *manifest)
{
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    mlg_manifest_write(manifest, &out);
    assert_false(out.failed);
    const char *text = mlg_arena_copy(&sample->arena, out.data, out.size);
    mlg_builder_free(&out);
    return text;
}

static int read_sample(struct sample *sample, const char *text, struct mlg_manifest *manifest,
                       struct mlg_error *error)
{
    struct mlg_diagnostics list;
    mlg_diagnostics_init(&list, &sample->arena);
    const struct mlg_node *root = mlg_yaml_parse("m.json", text, strlen(text), &sample->arena, &list);
    if (!root)
        fail_msg("%s\n%s", list.count ? list.items[0].text : "", text);
    return mlg_manifest_read(&sample->memory.world, root, &sample->arena, manifest, error);
}

static void test_round_trip(void **state)
{
    (void)state;
    struct sample sample;
    struct mlg_manifest back;
    struct mlg_error error = {0};
    begin(&sample);
    const char *text = write_sample(&sample, &sample.manifest);
    if (read_sample(&sample, text, &back, &error) != MLG_OK)
        fail_msg("%s in %s", error.text, text);
    const struct mlg_rerun_order *order = back.order;
    assert_int_equal(order->arguments.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(order->arguments.items[i], arguments[i]);
    assert_null(order->shell);
    assert_null(order->workdir);
    assert_false(order->network);
    assert_true(order->timeout == 0.1);
    assert_true(order->memory == sample.order.memory);
    assert_true(order->vary == sample.order.vary);
    assert_string_equal(order->environment->keys[0], "LEVEL");
    assert_string_equal(order->environment->values[0], "2");
    assert_string_equal(order->inherit.items[0], "MODE");
    assert_string_equal(order->inputs.items[0], "train.py");
    assert_string_equal(order->outputs.items[0], "model.npz");
    assert_string_equal(back.root, "/tmp/r1");
    assert_int_equal(back.left_out.count, 1);
    assert_string_equal(back.left_out.items[0], "out/r.json");
    assert_int_equal(back.inputs.items[0].files->count, 2);
    assert_string_equal(back.inputs.items[0].files->items[0].path, "a \"1\".csv");
    assert_string_equal(back.inputs.items[0].files->items[1].sha256, SHA_256);
    assert_string_equal(mlg_manifest_changed_files(&back.inputs.items[0], &sample.input, &sample.arena), "");
    sample.contents[0].sha256[0] = 'f';
    sample.contents[1].path = "c.csv";
    assert_string_equal(mlg_manifest_changed_files(&back.inputs.items[0], &sample.input, &sample.arena),
                        "'a \"1\".csv' is changed, 'b.csv' is gone, 'c.csv' is new");
    sample.input.files = NULL;
    assert_string_equal(mlg_manifest_changed_files(&back.inputs.items[0], &sample.input, &sample.arena), "");
    assert_non_null(strstr(write_sample(&sample, &sample.manifest), "\"files\": null"));
    assert_int_equal(back.ignore.count, 1);
    assert_string_equal(back.ignore.items[0], "/t");
    assert_true(back.tolerance == 1e-9 && back.relative == 0.5);
    assert_string_equal(back.program.path, "/v/bin/python");
    assert_string_equal(back.program.sha256, SHA_256);
    assert_int_equal(back.program.package_count, 2);
    assert_string_equal(back.program.packages[0].version, "");
    assert_string_equal(back.program.packages[1].name, "numpy");
    assert_string_equal(back.program.packages[1].version, "2.0");
    assert_string_equal(back.runs[0]->seed, "7");
    assert_string_equal(back.runs[0]->outputs[0].sha256, SHA_256);
    assert_string_equal(back.runs[0]->outputs[0].meaning, SHA_256_B);
    assert_int_equal(back.run_count, 1);
    assert_int_equal(back.varied_seeds.count, 0);
    size_t weak;
    const struct mlg_texts *differences =
        mlg_manifest_differences(&back, &sample.manifest, &weak, &sample.arena);
    if (differences->count > 0)
        fail_msg("%s", differences->items[0]);
    end(&sample);
}

/* Of each seed the first run that varied nothing is read, with what came of it. */
static void test_seeds(void **state)
{
    (void)state;
    for (int is_varied = 0; is_varied < 2; is_varied++) {
        struct sample sample;
        struct mlg_manifest back;
        struct mlg_error error = {0};
        begin(&sample);
        sample.runs[1].seed = "8";
        sample.runs[1].varied = is_varied ? sample.order.vary : 0;
        memcpy(sample.outputs[1].sha256, SHA_256_B, 65);
        assert_int_equal(read_sample(&sample, write_sample(&sample, &sample.manifest), &back, &error),
                         MLG_OK);
        assert_int_equal(back.run_count, is_varied ? 1 : 2);
        assert_int_equal(back.varied_seeds.count, is_varied ? 1 : 0);
        if (is_varied) {
            assert_string_equal(back.varied_seeds.items[0], "8");
        } else {
            assert_string_equal(back.runs[1]->seed, "8");
            assert_int_equal(back.runs[1]->number, 2);
            assert_string_equal(back.runs[1]->outputs[0].sha256, SHA_256_B);
        }
        end(&sample);
    }
}

/* What differs from one series of runs to the next stands behind `machine`, and nowhere else. */
static void test_what_is_stable(void **state)
{
    (void)state;
    struct sample one, other;
    static const char *elsewhere[] = {"LANG=C", "HOME=/tmp/r2/own", "MODE=a=b", "LEVEL=2", NULL};
    begin(&one);
    begin(&other);
    other.manifest.root = "/tmp/r2";
    other.manifest.run_count = one.manifest.run_count = 1;
    other.runs[0].environment = elsewhere;
    other.runs[0].outcome.seconds = 99;
    other.runs[0].outcome.peak_memory = 1;
    other.manifest.facts.machine.kernel = "6.2";
    other.manifest.facts.container = "c";
    const char *a = write_sample(&one, &one.manifest), *b = write_sample(&other, &other.manifest);
    const size_t size = (size_t)(strstr(a, "\"machine\"") - a);
    assert_memory_equal(a, b, size);
    assert_string_not_equal(a, b);
    assert_non_null(strstr(a, "\"HOME\": \"{fresh}/own\""));
    assert_non_null(strstr(a, "{\"run\": 1, \"seconds\": 1.234568, \"peak_memory\": null}"));
    end(&one);
    end(&other);
}

struct secret_row {
    const char *variable;
    bool withheld;
};

static const struct secret_row secrets[] = {
    {"HF_TOKEN=hush", true},
    {"hf_token=hush", true},
    {"AWS_SECRET_ACCESS=hush", true},
    {"DB_PASSWORD=hush", true},
    {"DB_PASSWD=hush", true},
    {"Api_Key=hush", true},
    {"GCP_CREDENTIALS=hush", true},
    {"SIGNING_PASSPHRASE=hush", true},
    {"DB_PASS=hush", true},
    {"MYSQL_PWD=hush", true},
    {"gh_pat=hush", true},
    {"HF_AUTH=hush", true},
    {"SESSION_COOKIE=hush", true},
    {"SLACK_WEBHOOK=hush", true},
    {"WEBHOOK_URL=hush", true},
    {"SSH_PRIVATE=hush", true},
    {"JWT=hush", true},
    {"CRED=hush", true},
    {"DJANGO_SALT=hush", true},
    {"SESSION=hush", true},
    {"REQUEST_SIGNATURE=hush", true},
    {"STORE_URL=https://me:hush@host/x", true},
    {"STORE_URLS=https://host/ https://hush@host/x", true},
    {"STORE_URL=https://host/?token=hush", true},
    {"STORE_URL=https://host/?a=1&Key=hush", true},
    {"STORE_URL=https://host/?sv=1&sig=hush", true},
    {"STORE_URL=https://host/?X-Amz-Signature=hush", true},
    {"STORE_URL=https://host/?access_token=hush", true},
    {"STORE_URL=https://host/?pwd=hush", true},
    {"STORE=host=db password=hush dbname=x", true},
    {"STORE=Server=db;Pwd=hush;", true},
    {"OPTIONS=-Ddb.password=hush", true},
    /* Put together, so that nobody takes them for real ones. */
    {"A=gh"
     "p_hush5678901234567890",
     true},
    {"A=github"
     "_pat_hush5678901234567890",
     true},
    {"A=gl"
     "pat-hush567890123456",
     true},
    {"A=xo"
     "xb-hush567890",
     true},
    {"A=use AK"
     "IAhush567890123456",
     true},
    {"A=h"
     "f_hush5678901234567890",
     true},
    {"A=s"
     "k-hush567890123456",
     true},
    {"A=Bearer e"
     "yJhush567890123456",
     true},
    {"A=-----BEGIN PRIVATE KEY-----hush", true},
    {"A=-----BEGIN PGP PRIVATE KEY BLOCK-----hush", true},
    {"NPMRC=//registry/:_authToken=hush", true},
    {"NPMRC=//registry/:_auth=hush", true},
    {"ARGUMENTS=--user me --password=hush", true},
    {"HEADER=Authorization: Bearer hush", true},
    {"HEADER=Authorization: Basic hush", true},
    {"HEADER=authorization:  hush", true},
    {"HEADER=X-Api-Key: hush", true},
    {"HEADER=bearer hush567890123456", true},
    {"CONFIG={\"username\":\"me\",\"key\":\"hush\"}", true},
    {"CONFIG={\"auths\": {\"host\": {\"auth\" : \"hush\"}}}", true},
    {"CONFIG={'password': 'hush'}", true},
    {"ALERTS=https://hooks.slack.com/services/T0/B0/hush", true},
    {"ALERTS=https://discord.com/api/webhooks/1/hush", true},
    {"DB_PSWD=hush", true},
    {"PSWD=hush", true},
    {"ID_RSA=hush", true},
    {"DEPLOY_ID_ED25519=hush", true},
    {"SETTINGS=[store]\ntoken = hush", true},
    {"SETTINGS=password\t=\thush=", true},
    {"SETTINGS=password= hush==", true},
    {"HEADER=Basic aHVzaDpodXNo hush", true}, /* hush:hush */
    {"HEADER=basic dTpwdw== hush", true},     /* u:pw */
    {"NETRC=machine host login me password hush", true},
    {"NETRC=machine host\n  password hush\n  login me", true},
    {"NETRC=default login me account x password hush", true},
    {"NETRC=machine host login hush", false},
    {"NETRC=machine hush login me password", false},
    {"A=a machine for hush, whose password nobody knows", false},
    {"A=a password of hush", false},
    {"STORE=host=db password= dbname=hush", false},
    {"SETTINGS=token = \nname = hush", false},
    {"SETTINGS=name = hush", false},
    {"HEADER=Basic aHVzaGh1c2g= hush", false}, /* hushhush */
    {"A=-----BEGIN CERTIFICATE-----hush", false},
    {"A=-----BEGIN PUBLIC KEY-----hush", false},
    {"A=https://hooks.slack.com/hush", false},
    {"A=a bearer of hush", false},
    {"A=hush: Basic authentication", false},
    {"HEADER=Accept: hush", false},
    {"SEARCH=/opt/keys:/opt/hush", false},
    {"CONFIG={\"max_tokens\": 100, \"a\": \"hush\"}", false},
    {"CONFIG={\"token\": \"\", \"key\": null, \"a\": \"hush\"}", false},
    {"CONFIG={\"a\": \"hush\"}", false},
    {"CONFIG={\"tokenizer\": \"hush\"}", false},
    {"TOKENIZERS_PARALLELISM=hush", false},
    {"GRID_RSA=hush", false},
    {"A=h"
     "f_hush",
     false},
    {"A=disk-hush567890123456", false},
    {"STORE_URL=https://host/hush@x", false},
    {"STORE_URL=https://host/?page=hush", false},
    {"STORE_URL=https://host/?token=&page=hush", false},
    {"PWD=hush", false},
    {"OLDPWD=hush", false},
    {"PATH=hush", false},
    {"MANPATH=hush", false},
    {"GIT_AUTHOR=hush", false},
    {"PASSES=hush", false},
    {"BASALT=hush", false},
    {"OMP_PATTERN=hush", false},
    {"OMP_NUM_THREADS=hush", false},
};

static void test_secrets(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(secrets); i++) {
        const struct secret_row *row = &secrets[i];
        struct sample sample;
        begin(&sample);
        const char *environment[] = {row->variable, NULL};
        const char *equals = strchr(row->variable, '=');
        const char *key = mlg_arena_copy(&sample.arena, row->variable, (size_t)(equals - row->variable));
        const char *value = equals + 1;
        sample.set = (struct mlg_map){&key, &value, 1};
        sample.runs[0].environment = environment;
        const char *text = write_sample(&sample, &sample.manifest);
        const char *written = mlg_arena_format(&sample.arena, "\"%s\": null", key);
        if ((strstr(text, "hush") == NULL) != row->withheld ||
            (strstr(text, written) != NULL) != row->withheld)
            fail_msg("%s: %s", row->variable, text);
        /* It is taken from the environment of the later run, or missed; it never counts as a difference. */
        struct mlg_manifest back;
        struct mlg_error error = {0};
        const int code = read_sample(&sample, text, &back, &error);
        assert_int_equal(code, row->withheld ? MLG_DATA : MLG_OK);
        world_memory_environment(&sample.memory, key, "now");
        assert_int_equal(read_sample(&sample, text, &back, &error), MLG_OK);
        assert_string_equal(back.order->environment->values[0], row->withheld ? "now" : value);
        back.run_count = back.runs[0]->environment ? 1 : 0;
        size_t weak;
        assert_int_equal(mlg_manifest_differences(&back, &sample.manifest, &weak, &sample.arena)->count, 0);
        end(&sample);
    }
}

struct mistake_row {
    const char *sentence, *from, *to, *error;
};

static const struct mistake_row mistakes[] = {
    {"another schema", "mlgate-manifest/1", "mlgate-manifest/9", "its 'schema' is not 'mlgate-manifest/1'"},
    {"no outputs", "[\"model.npz\"]", "[]", "'outputs' names no file"},
    {"a digest that is none", SHA_256, "12", "'sha256' is no SHA-256"},
    {"a digest by meaning that is none", "\"meaning\": \"" SHA_256_B, "\"meaning\": \"12",
     "'meaning' is no SHA-256"},
    {"a member that is missing", "\"vary\"", "\"very\"", "'vary' is missing"},
    {"what this version cannot vary", "\"home\"", "\"moon\"", "'moon' cannot be varied by this version"},
    {"no number", "\"timeout\": 0.1", "\"timeout\": \"soon\"", "'timeout' is no number"},
    {"a number below 0", "\"timeout\": 0.1", "\"timeout\": -1", "'timeout' is no number"},
    {"a list that is an object", "\"inherit\": [\"MODE\"]", "\"inherit\": {}", "'inherit' is no list"},
    {"contents of an input that are a list", "\"files\": {", "\"files\": [], \"others\": {",
     "'files' is no object"},
    {"a file in an input without a digest", "\"b.csv\": \"0", "\"b.csv\": \"x", "'b.csv' is no SHA-256"},
    {"nothing of what is left out", "\"left_out\"", "\"put_out\"", "'left_out' is missing"},
    {"an object that is a text", "\"code\": {", "\"code\": \"x\", \"codes\": {", "'code' is no object"},
    {"changes that are neither known nor explained", "\"dirty\": false", "\"dirty\": null",
     "'dirty_problem' does not say why something is not known"},
    {"changes that are a word", "\"dirty\": false", "\"dirty\": maybe", "'dirty' is neither true nor false"},
    {"a core that is neither known nor explained", "\"openblas_core_problem\": \"OPENBLAS",
     "\"openblas_core_problem\": null, \"other\": \"OPENBLAS",
     "'openblas_core_problem' does not say why something is not known"},
    {"timings of fewer runs", "\"timings\": [", "\"timings\": [], \"others\": [",
     "'timings' are not one per run"},
    {"timings of another run", "{\"run\": 2, \"seconds\"", "{\"run\": 7, \"seconds\"",
     "'run' is not the number of the run in its place"},
    {"nothing of what the gate takes as the same", "\"comparison\"", "\"compared\"",
     "'comparison' is missing"},
    {"a tolerance that is a text", "\"tolerance\": 1e-09", "\"tolerance\": \"x\"",
     "'tolerance' is no number"},
    {"no program", "\"program\"", "\"programs\"", "'program' is missing"},
    {"packages that are neither known nor explained", "\"packages\": {", "\"packages\": null, \"others\": {",
     "'packages_problem' does not say why something is not known"},
    {"no directory of the runs", "\"fresh\": ", "\"old\": ", "'fresh' is missing"},
    {"no runs", "\"runs\": [", "\"runs\": [], \"others\": [", "'runs' has no first run"},
    {"other outputs in the run than in the command", "{\"path\": \"model.npz\"", "{\"path\": \"m.npz\"",
     "'m.npz' is no output of the command in its place"},
};

static void test_mistakes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(mistakes); i++) {
        const struct mistake_row *row = &mistakes[i];
        struct sample sample;
        struct mlg_manifest back;
        struct mlg_error error = {0};
        begin(&sample);
        const char *text = write_sample(&sample, &sample.manifest), *at = strstr(text, row->from);
        if (!at)
            fail_msg("%s: '%s' is not in %s", row->sentence, row->from, text);
        text = mlg_arena_format(&sample.arena, "%.*s%s%s", (int)(at - text), text, row->to,
                                at + strlen(row->from));
        if (read_sample(&sample, text, &back, &error) != MLG_DATA || !strstr(error.text, row->error) ||
            !error.place.line)
            fail_msg("%s: '%s' at line %lu", row->sentence, error.text, error.place.line);
        end(&sample);
    }
}

/* ---- two of them --------------------------------------------------------------------------------- */

static void change_input(struct sample *sample)
{
    memcpy(sample->input.sha256, SHA_256_B, 65);
}

static void change_commit(struct sample *sample)
{
    sample->manifest.facts.commit = COMMIT_B;
}

static void lose_commit(struct sample *sample)
{
    sample->manifest.facts.commit = NULL;
}

/* The run has no copies of its own. */
static void lose_inputs(struct sample *sample)
{
    sample->order.inputs.count = sample->manifest.inputs.count = 0;
}

static void set_workdir(struct sample *sample)
{
    sample->order.workdir = "src";
}

static void change_lockfile(struct sample *sample)
{
    memcpy(sample->lockfile.sha256, SHA_256_B, 65);
}

static void lose_lockfile(struct sample *sample)
{
    sample->manifest.facts.lockfiles.count = 0;
}

static void rename_lockfile(struct sample *sample)
{
    sample->lockfile.path = "dvc.lock";
}

static void change_variable(struct sample *sample)
{
    static const char *environment[] = {"LANG=C", "HOME=/tmp/r1/own", "MODE=c", "LEVEL=2", NULL};
    sample->runs[0].environment = environment;
}

static void replace_variable(struct sample *sample)
{
    static const char *environment[] = {"LANG=C", "HOME=/tmp/r1/own", "TZ=c", "LEVEL=2", NULL};
    sample->runs[0].environment = environment;
}

static void change_code(struct sample *sample)
{
    sample->manifest.facts.dirty = sample->manifest.facts.changed = true;
}

/* As where the manifest itself lies beside the code by now. */
static void add_untracked(struct sample *sample)
{
    sample->manifest.facts.dirty = true;
}

static void change_root(struct sample *sample)
{
    static const char *environment[] = {"LANG=C", "HOME=/tmp/r2/own", "MODE=a=b", "LEVEL=2", NULL};
    sample->manifest.root = "/tmp/r2";
    sample->runs[0].environment = environment;
}

static void change_machine(struct sample *sample)
{
    sample->manifest.version = "1.2.4";
    sample->manifest.facts.cpu = "Other CPU";
    sample->manifest.facts.cpu_flags = "fpu avx2";
    sample->manifest.facts.machine = (struct mlg_machine){"Linux", "6.2", "aarch64", NULL, 2};
}

static void change_commit_and_variable(struct sample *sample)
{
    change_commit(sample);
    change_variable(sample);
}

static struct mlg_manifest_package newer[] = {{"a", "1", 0}, {"c", "3", 0}, {"numpy", "2.1", 0}};
static struct mlg_manifest_package many[] = {{"b", "1", 0}, {"c", "3", 0}, {"d", "4", 0},
                                             {"e", "1", 0}, {"f", "1", 0}, {"numpy", "2.0", 0}};

static void change_packages(struct sample *sample)
{
    sample->manifest.program.packages = newer;
    sample->manifest.program.package_count = 3;
}

static void add_packages(struct sample *sample)
{
    sample->manifest.program.packages = many;
    sample->manifest.program.package_count = 6;
}

static void lose_packages(struct sample *sample)
{
    sample->manifest.program =
        (struct mlg_manifest_program){.path = "/v/bin/python", .sha256 = SHA_256, .packages_problem = "x"};
}

static void replace_program(struct sample *sample)
{
    sample->manifest.program.path = "/bin/python";
    memcpy(sample->manifest.program.sha256, SHA_256_B, 65);
}

static void change_program(struct sample *sample)
{
    memcpy(sample->manifest.program.sha256, SHA_256_B, 65);
}

static void move_program(struct sample *sample)
{
    sample->manifest.program.path = "/w/bin/python";
}

static void lose_program(struct sample *sample)
{
    sample->manifest.program = (struct mlg_manifest_program){.packages_problem = "x"};
}

static const char *on_path[] = {"PATH=/a:/v/bin:/b", NULL}, *off_path[] = {"PATH=/b:/a", NULL},
                  *other_path[] = {"PATH=/a:/c:/d:/e:/f:/b", NULL},
                  *turned_path[] = {"PATH=/b:/v/bin:/a", NULL};

static void be_on_path(struct sample *sample)
{
    sample->runs[0].environment = on_path;
}

static void be_off_path(struct sample *sample)
{
    sample->runs[0].environment = off_path;
}

static void have_other_path(struct sample *sample)
{
    sample->runs[0].environment = other_path;
}

static void turn_path(struct sample *sample)
{
    sample->runs[0].environment = turned_path;
}

struct difference_row {
    void (*change)(struct sample *sample);
    const char *said; /* all of it, with "; " between */
    size_t weak;
    void (*begin)(struct sample *sample); /* of both */
};

static const struct difference_row differences[] = {
    {.change = change_input, .said = "the input 'train.py' has another content"},
    {.change = change_commit,
     .said = "the commit of the code is " COMMIT_B " now, and was " COMMIT_A,
     .weak = 1},
    {.change = change_commit,
     .said = "the commit of the code is " COMMIT_B " now, and was " COMMIT_A,
     .begin = lose_inputs},
    {.change = change_commit,
     .said = "the commit of the code is " COMMIT_B " now, and was " COMMIT_A,
     .begin = set_workdir},
    {.change = change_commit_and_variable,
     .said = "the variable MODE is 'c' now, and was 'a=b'; the commit of the code is " COMMIT_B
             " now, and was " COMMIT_A,
     .weak = 1},
    {.change = change_commit_and_variable,
     .said = "the commit of the code is " COMMIT_B " now, and was " COMMIT_A
             "; the variable MODE is 'c' now, and was 'a=b'",
     .begin = lose_inputs},
    {.change = lose_commit, .said = "the commit of the code is not known now, and was " COMMIT_A, .weak = 1},
    {.change = change_code, .said = "the code has changes that are not committed, and had none", .weak = 1},
    {.change = change_code,
     .said = "the code has changes that are not committed, and had none",
     .begin = lose_inputs},
    {.change = add_untracked, .said = ""},
    {.change = change_lockfile, .said = "the lockfile 'uv.lock' has another content"},
    {.change = lose_lockfile, .said = "the lockfile 'uv.lock' is not there any more"},
    {.change = rename_lockfile,
     .said = "the lockfile 'uv.lock' is not there any more; the lockfile 'dvc.lock' was not there"},
    {.change = change_packages,
     .said = "a is 1 now, and was of a version that is not known; numpy is 2.1 now, and was 2.0; c is 3 now, "
             "and was not installed"},
    {.change = add_packages,
     .said =
         "a is not installed now, and was of a version that is not known; b is 1 now, and was not "
         "installed; c is 3 now, and was not installed; d is 4 now, and was not installed; e is 1 now, and "
         "was not installed; of installed packages 1 more are not as they were"},
    {.change = lose_packages, .said = ""},
    {.change = move_program, .said = ""},
    {.change = change_program, .said = "the program '/v/bin/python' has another content"},
    {.change = replace_program, .said = "the program is '/bin/python' now, and was '/v/bin/python'"},
    {.change = lose_program, .said = "the program '/v/bin/python' is not found now"},
    {.change = be_off_path, .said = "the variable PATH had '/v/bin', and has not now", .begin = be_on_path},
    {.change = have_other_path,
     .said = "the variable PATH has '/c', '/d', '/e' and 1 more now, and had '/v/bin'",
     .begin = be_on_path},
    {.change = turn_path,
     .said = "the variable PATH has its directories in another order",
     .begin = be_on_path},
    {.change = change_variable, .said = "the variable MODE is 'c' now, and was 'a=b'"},
    {.change = replace_variable,
     .said = "the variable MODE is not set now, and was 'a=b'; the variable TZ is 'c' now, and was not set"},
    {.change = change_root,
     .said = "the runs were made in '/tmp/r1', which cannot be had now; a path that gets into what is "
             "written is another in '/tmp/r2'"},
    {.change = change_machine,
     .said = "mlgate is 1.2.4 now, and was 1.2.3; the processor is Other CPU now, and was Some CPU; "
             "the processor has other flags; processors are 2 now, and were 4; the architecture is "
             "aarch64 now, and was x86_64; the kernel is 6.2 now, and was 6.1; the C library is not "
             "known now, and was glibc 2.36"},
};

static void test_differences(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(differences); i++) {
        struct sample then, now;
        begin(&then);
        begin(&now);
        if (differences[i].begin) {
            differences[i].begin(&then);
            differences[i].begin(&now);
        }
        differences[i].change(&now);
        size_t weak;
        const struct mlg_texts *texts =
            mlg_manifest_differences(&then.manifest, &now.manifest, &weak, &now.arena);
        const char *said = "";
        for (size_t t = 0; t < texts->count; t++)
            said = mlg_arena_format(&now.arena, "%s%s%s", said, t ? "; " : "", texts->items[t]);
        assert_string_equal(said, differences[i].said);
        assert_int_equal(weak, differences[i].weak);
        end(&then);
        end(&now);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_code),         cmocka_unit_test(test_surroundings),
        cmocka_unit_test(test_real_machine), cmocka_unit_test(test_programs),
        cmocka_unit_test(test_round_trip),   cmocka_unit_test(test_what_is_stable),
        cmocka_unit_test(test_secrets),      cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_differences),  cmocka_unit_test(test_seeds)};
    return cmocka_run_group_tests_name("manifest", tests, NULL, NULL);
}
