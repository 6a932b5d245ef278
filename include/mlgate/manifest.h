/* manifest: what a series of runs was made from, and what came of it, as a document that a later run can be
 * held against.
 *
 * Always true: writing is a pure function of the struct; what differs between runs of the same inputs on the
 * same machine (times, memory, the directory of the runs) stands in the members from `timings` on alone, what
 * differs between machines in `machine`; a value whose name looks like a secret's is never written;
 * read(write(manifest)) has what a later run needs.
 */
#ifndef MLGATE_MANIFEST_H
#define MLGATE_MANIFEST_H

#include "mlgate/node.h"
#include "mlgate/rerun.h"
#include "mlgate/text.h"

struct mlg_manifest_file {
    const char *path;
    char sha256[65];
    /* Of an input that is a directory: what is in it, called as it is below it. NULL: it is none, or there
     * are more files than are written down, or what is read is not theirs. */
    const struct mlg_manifest_files *files;
    char meaning[65]; /* of an output; else "" */
};

struct mlg_manifest_files {
    struct mlg_manifest_file *items;
    size_t count;
};

enum { MLG_MANIFEST_PACKAGES = 5000 }; /* are written down at most */

struct mlg_manifest_package {
    const char *name;    /* in small letters, parts joined by '-' */
    const char *version; /* "": its directory has no version in its name */
    size_t place;        /* which of the directories it lies in, by the order in which they are searched */
};

/* What the command runs: a Python where its words name one, else its first word. */
struct mlg_manifest_program {
    const char *path; /* NULL: not found */
    char sha256[65];  /* of the file that it leads to; "": not known */
    bool has_packages;
    struct mlg_manifest_package *packages; /* by name, each once */
    size_t package_count;
    const char *packages_problem; /* why they are not known; NULL: they are */
};

/* What surrounds the runs. */
struct mlg_manifest_facts {
    struct mlg_manifest_files lockfiles; /* those of mlg_lockfiles that are there */
    const char *commit;                  /* NULL: not known, commit_problem says why */
    const char *commit_problem;
    bool has_repository;
    bool changed;              /* tracked files are; not known of what was read */
    bool dirty;                /* tracked files are changed, or files beside the code are not tracked */
    const char *dirty_problem; /* why that is not known; NULL: it is */
    struct mlg_machine machine;
    const char *cpu, *cpu_flags; /* NULL: not known */
    const char *container;       /* its id, or that it is one; NULL: none is seen */
};

struct mlg_manifest {
    const char *version; /* of mlgate */
    const struct mlg_rerun_order *order;
    struct mlg_manifest_files inputs;
    struct mlg_texts left_out; /* files that mlgate wrote below inputs, and that are none of them; relative to
                                  their directory */
    /* What the gate takes as the same: patterns that are left out of `meaning` as far as a digest can be
     * without them, and how far numbers may be apart. */
    struct mlg_texts ignore;
    double tolerance, relative;
    struct mlg_manifest_program program;
    struct mlg_manifest_facts facts;
    const char *root; /* of the runs, whose name is another each time: what stands before it says {fresh} for
                         it; NULL: none */
    struct mlg_rerun_run **runs;
    size_t run_count;
    struct mlg_texts varied_seeds; /* of one that was read: those of which no run is kept, since all varied
                                      something */
};

/* Names of files beside mlgate.yaml that fix versions; NULL-terminated. */
extern const char *const mlg_lockfiles[];

/* Looks at lockfiles and the commit of `base`, an absolute directory, and at the machine; whether something
 * is not committed the world's runner asks git, where there is a repository. What is not there is no error;
 * what is there and cannot be read is one. */
int mlg_manifest_look(const struct mlg_world *world, const char *base, struct mlg_arena *arena,
                      struct mlg_manifest_facts *facts, struct mlg_error *error);
/* The Python that the command runs, as far as its words, or what PATH and a first line say, tell: where it is
 * called so, links not followed. *python NULL: they do not. */
int mlg_manifest_find_python(const struct mlg_world *world, const struct mlg_rerun_view *view,
                             struct mlg_arena *arena, const char **python, struct mlg_error *error);
/* The program that the command runs and the packages of its Python, by names of files in the directories that
 * belong to it: nothing is run. What cannot be told is no error. */
int mlg_manifest_find_program(const struct mlg_world *world, const struct mlg_rerun_view *view,
                              struct mlg_arena *arena, struct mlg_manifest_program *program,
                              struct mlg_error *error);
/* The manifest of runs that are begun, before the first of them is made: what it writes beside the code is no
 * change of the code. `runs` and `run_count` are set when they have been made. */
int mlg_manifest_make(const struct mlg_world *world, const struct mlg_rerun *rerun, struct mlg_arena *arena,
                      struct mlg_manifest *manifest, struct mlg_error *error);

/* A text in which the directory of the runs, `root`, whose name is another each time, is "{fresh}". `root`
 * NULL: as it is. */
void mlg_put_fresh(struct mlg_builder *out, const char *text, const char *root);
/* manifest.json, whole, with a final newline. */
void mlg_manifest_write(const struct mlg_manifest *manifest, struct mlg_builder *out);
/* What a document says, as far as runs can be made and compared: of its runs the first, and of each other
 * seed the first that varied nothing; the variables of the first alone. Texts are those of the nodes. Values
 * that are withheld are taken from the world's environment; one that has none there is an error. */
int mlg_manifest_read(const struct mlg_world *world, const struct mlg_node *root, struct mlg_arena *arena,
                      struct mlg_manifest *manifest, struct mlg_error *error);

/* Of an input that is another, which files in it are: "'a.csv' is changed, 'b.csv' is new and 2 more"; "":
 * that is not known. NULL: no memory. */
const char *mlg_manifest_changed_files(const struct mlg_manifest_file *then,
                                       const struct mlg_manifest_file *now, struct mlg_arena *arena);
/* What differs between two manifests beside their outputs, a clause each ("the code is commit B, and was
 * A"), first what is likelier to matter; those of the machine last, and behind them *weak ones that matter
 * only where a run reads what `inputs` has no digest of: of code of which it has copies. NULL: no memory.
 */
struct mlg_texts *mlg_manifest_differences(const struct mlg_manifest *then, const struct mlg_manifest *now,
                                           size_t *weak, struct mlg_arena *arena);

#endif
