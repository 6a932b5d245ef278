/* plugins: what an executable is made of; private to this room.
 *
 * Always true: world_posix.c and what runs commands (command_posix.c and the files beside it) are all that
 * touches the outside; everything else asks a world, so that a test runs whole command lines in memory. A
 * command returns the exit code of the process; each failure has put one sentence on standard error.
 */
#ifndef MLGATE_PLUGINS_H
#define MLGATE_PLUGINS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "mlgate/param.h"
#include "mlgate/report.h"
#include "mlgate/run.h"
#include "mlgate/text.h"
#include "mlgate/world.h"

/* ---- the real world (world_posix.c) -------------------------------------------------------------- */

/* What a reader of a terminal has seen of it (progress.c); begins as {0}. */
struct mlg_progress {
    bool has_begun, is_seen; /* standard error is a terminal */
    double next;             /* not before this time */
    size_t width;            /* columns of the line that stands there */
};
/* What a world's `progress` does: a line on standard error, where that is a terminal and after a second, at
 * most ten times a second, wiped away with path NULL. */
void mlg_progress_tell(struct mlg_progress *progress, const struct mlg_world *world, const char *path,
                       int64_t done, int64_t total);

/* The same of something that has been going on since `since` (seconds of the world): "repro: run 2 of 2, 41
 * s"; `about` NULL: it has ended. */
void mlg_progress_wait(struct mlg_progress *progress, const struct mlg_world *world, const char *about,
                       double since);

struct mlg_posix {
    struct mlg_world world;
    struct mlg_progress progress;
    atomic_bool has_waiting; /* a thread that tells of the command it waits for: one at a time */
    char host[256];
    bool without_namespaces; /* as if the system refused them; for tests */
    bool without_watches;    /* as if it could not watch files; for tests */
    /* OPENBLAS_NUM_THREADS as the user has it, NULL: not at all, where this process has its own. */
    const char *openblas_threads;
    bool hides_openblas_threads;
};
/* Also makes writing to a closed pipe an error instead of a signal. */
void mlg_posix_init(struct mlg_posix *posix);
/* strerror speaks the language of the locale and a capital letter; these are the usual sentences. */
const char *mlg_posix_reason(int number);
extern const struct mlg_runner mlg_posix_runner; /* command_posix.c */

/* ---- command lines (flags.c) --------------------------------------------------------------------- */

/* One option of a command line: a parameter row under its flag's name. */
struct mlg_option {
    const char *flag; /* with dashes: "--max-missing" */
    const struct mlg_param *row;
    const void *defaults;          /* the struct that the row's offset points into, or NULL */
    bool own;                      /* belongs to the command itself, not to the suite */
    const struct mlg_node **nodes; /* as given, in order */
    size_t count, capacity;
};

struct mlg_options {
    struct mlg_arena *arena;
    struct mlg_option *items;
    size_t count, capacity;
    const char **strays; /* words that belong to no option, and what stood behind unknown ones */
    size_t stray_count, stray_capacity;
};

/* "--check" for the row "checks", "--report" for "reports", "--data" for "path"; else the row's name with
 * dashes. NULL for want of memory. */
const char *mlg_flag_of(const struct mlg_param *row, struct mlg_arena *arena);
/* "MLGATE_MIN_ROWS": the variable that gives the row. NULL for want of memory. */
const char *mlg_variable_of(const struct mlg_param *row, struct mlg_arena *arena);
/* Adds every row of a table that may be a flag, unless one of that name is there already or the name is
 * in `skip` (NULL-terminated, may be NULL). */
void mlg_options_add(struct mlg_options *options, const struct mlg_param *rows, const void *defaults,
                     bool own, const char *const *skip);
/* Reads `count` words. What is no option is an argument: told as a mistake beyond `argument_limit`. */
bool mlg_options_parse(struct mlg_options *options, const char *const *words, size_t count,
                       const char **arguments, size_t argument_limit, size_t *argument_count,
                       struct mlg_diagnostics *list);
/* The values of an option as one node: as it stands, or a list where it was repeated. NULL: not given. */
const struct mlg_node *mlg_option_node(const struct mlg_option *option, struct mlg_arena *arena);

/* ---- commands (commands.c, run.c) ---------------------------------------------------------------- */

/* The options that belong to commands themselves. */
struct mlg_command_options {
    const char *config;
    struct mlg_texts only;
    struct mlg_map report;
    bool expand, markdown, json, no_cache, hook;
    const char *from;
    double tolerance, relative;
    struct mlg_texts ignore, score;
    const char *id, *prediction, *label;
    const char *verify, *directory, *keep, *type;
    int platform; /* 0: the one that it is */
    const char *changes;
};

struct mlg_session;
struct mlg_platform;

struct mlg_command {
    const char *name;
    const char *usage; /* behind the command's name: "NAME", "[KIND=PATH ...]" */
    const char *about; /* one sentence */
    const char *more;  /* a paragraph for its help, or NULL */
    const struct mlg_param *rows;
    bool takes_suite; /* the suite's rows are flags too */
    size_t argument_limit;
    int (*run)(struct mlg_session *session);
};

struct mlg_session {
    const struct mlg_world *world;
    const char *program;         /* "mlgate", "mlgate-accuracy" */
    const struct mlg_gate *gate; /* NULL: the suite */
    const struct mlg_command *command;
    struct mlg_arena arena;
    struct mlg_diagnostics mistakes;
    struct mlg_options options;
    struct mlg_command_options own;
    const char **arguments;
    size_t argument_count;
    const struct mlg_platform *platform;
    struct mlg_report_options report_options; /* what every report is given */
    const char *token;                        /* that ends what is no command; NULL or "": none */
    int commands_to;                          /* the stream that a runner's commands go to */
    const char *line; /* the command for a shell, without where reports go; NULL: no memory */
};

extern const struct mlg_command mlg_commands[]; /* ends with a row without name */
extern const struct mlg_command mlg_gate_command;
/* May the environment give this option of the command's own? As MLGATE_ and its name in capitals. */
bool mlg_is_from_environment(const struct mlg_command *command, const struct mlg_param *row);
/* All options of the session's command, and of its gate. */
void mlg_session_add_options(struct mlg_session *session);

/* "mlgate-accuracy": the executable of a gate. NULL for want of memory. */
const char *mlg_program_of(const struct mlg_gate *gate, struct mlg_arena *arena);
/* The whole program; `words` are the arguments without the program's name. */
int mlg_plugin_main(const struct mlg_world *world, const struct mlg_gate *gate, const char *const *words,
                    size_t count);
int mlg_main_of(const struct mlg_gate *gate, int count, char **words); /* in the real world */

/* "mlgate: <sentence>" on standard error; returns 3. The sentence is made safe to show. */
int mlg_complain(const struct mlg_session *session, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same of an error, with its place in front. */
int mlg_complain_of(struct mlg_session *session, const struct mlg_error *error);
/* Prints to standard output and frees; 3 and a sentence where it could not be written. */
int mlg_finish_output(const struct mlg_session *session, struct mlg_builder *out);
/* All diagnostics with their lines and carets. */
void mlg_put_diagnostics(struct mlg_builder *out, const char *program, const struct mlg_diagnostics *list);

/* ---- loading (run.c) ------------------------------------------------------------------------------- */

struct mlg_loaded {
    const char *path;            /* of the config; NULL: made from flags */
    char sha256[65];             /* of its bytes; "": there are none */
    const struct mlg_node *root; /* as far as it could be read; NULL: not at all */
    bool is_partial;             /* its reading ended at a mistake */
    const struct mlg_node
        *sections;           /* then: what can be read on its own, also behind the mistake; else NULL */
    struct mlg_suite *suite; /* NULL: there are mistakes */
};

/* ---- reports of a run (targets.c) ------------------------------------------------------------------ */

struct mlg_target {
    const struct mlg_report *report; /* NULL: what `option` of the gate called `gate` asks for */
    const char *gate, *option;
    const char *called; /* "json report", "manifest" */
    const char *path;
    const struct mlg_node *node; /* where it was asked for */
    const char *problem;         /* why it cannot be written; NULL: nothing is known */
    bool is_stream;              /* what goes there cannot be taken back */
    bool keeps;                  /* what lies there is something else: neither written nor removed */
    bool clashes;                /* another report has the same path: not written */
};

struct mlg_targets {
    struct mlg_target *items;
    size_t count, capacity;
};

/* What the run reads, and no report may overwrite. */
struct mlg_input {
    const char *path;
    const char *what; /* before the path in a sentence: "the data " */
    bool is_tree;     /* it may be a directory, all of which is read */
    bool is_base;     /* it is the one of mlgate.yaml */
};

struct mlg_inputs {
    struct mlg_input *items;
    size_t count, capacity;
};

/* A path that stands in mlgate.yaml is relative to its directory. */
const char *mlg_beside(const char *config, const char *path, struct mlg_arena *arena);

/* An unknown kind is told at the node, which is copied. */
void mlg_targets_add(struct mlg_session *session, struct mlg_targets *targets, const char *kind,
                     const char *path, const struct mlg_node *node);
/* --report; where the options have mistakes, what can be read of it. */
void mlg_targets_of_flags(struct mlg_session *session, struct mlg_targets *targets);
/* `reports`, and files that gates write; where the suite has mistakes, what its text says about them. */
void mlg_targets_of_suite(struct mlg_session *session, struct mlg_targets *targets,
                          const struct mlg_loaded *loaded);

/* What the config says of its reports, as far as it can be read; NULL: nothing. */
const struct mlg_node *mlg_written_reports(const struct mlg_loaded *loaded);

void mlg_inputs_add(struct mlg_session *session, struct mlg_inputs *inputs, const char *path,
                    const char *what);
/* Config and data; where there are mistakes, every path that may be meant as one. */
void mlg_inputs_of(struct mlg_session *session, struct mlg_inputs *inputs, const struct mlg_loaded *loaded);

/* In this order, before the work: makes directories and finds out which could not be written; tells as a
 * mistake which would overwrite an input or each other; removes what old reports lie where new ones go. */
void mlg_targets_prepare(struct mlg_session *session, struct mlg_targets *targets);
void mlg_targets_judge(struct mlg_session *session, struct mlg_targets *targets,
                       const struct mlg_inputs *inputs);
void mlg_targets_clear(struct mlg_session *session, struct mlg_targets *targets);

/* Writes all but those that clash, files first, the console last. A failure is told; of a run it becomes an
 * error of the results, and files that were written say so too. False: something failed. */
bool mlg_targets_write(struct mlg_session *session, struct mlg_targets *targets, struct mlg_results *results,
                       bool is_of_run, bool console);
/* Was the console's report asked for by name, on standard output? */
bool mlg_targets_want_console(const struct mlg_targets *targets);

/* ---- results of earlier runs (cache.c) --------------------------------------------------------------- */

/* Where the results of this very run would lie: of the same mlgate, configuration, files and settings. */
struct mlg_cache {
    const char *path;     /* NULL: they are neither looked for nor kept */
    const char **digests; /* of the files that it reads */
    size_t digest_count;
};
void mlg_cache_open(struct mlg_session *session, const struct mlg_loaded *loaded, struct mlg_cache *cache);
/* False: there are none that can be trusted. `run.started` is then when they were worked out. */
bool mlg_cache_find(struct mlg_session *session, const struct mlg_cache *cache, struct mlg_results *results);
/* Keeps what a run has found, unless it is an error or the files have changed meanwhile; without a word where
 * that cannot be: it costs time alone. */
void mlg_cache_keep(struct mlg_session *session, const struct mlg_cache *cache,
                    const struct mlg_results *results);

/* ---- where the run happens (platform/) ------------------------------------------------------------- */

/* What --platform may be: auto, and every row of platforms.def. Ends with NULL. */
extern const char *const mlg_platform_choices[];
/* Does a pipeline run it, and not a person? */
bool mlg_platform_is_pipeline(const struct mlg_world *world);
/* Sets the session's platform, and from where its reports see files. */
void mlg_platform_choose(struct mlg_session *session);
/* Adds the platform's reports but those whose kind or path is asked for already. */
void mlg_platform_add(struct mlg_session *session, struct mlg_targets *targets);
/* Before anything is printed. */
void mlg_platform_begin(struct mlg_session *session, const struct mlg_targets *targets);
/* When all reports are written. Returns the exit code, `code` unless something could not be written. */
int mlg_platform_end(struct mlg_session *session, const struct mlg_targets *targets,
                     const struct mlg_results *results, int code);

/* Warns of variables MLGATE_... that nothing reads here (environment.c). */
void mlg_judge_environment(struct mlg_session *session);

int mlg_command_run(struct mlg_session *session);
int mlg_command_check(struct mlg_session *session);
int mlg_command_report(struct mlg_session *session);
/* Has the gate judge its controls; a line for each. Counts those that were judged rightly, and the others. */
void mlg_selftest_gate(const struct mlg_gate *gate, struct mlg_builder *out, size_t *right, size_t *wrong);
int mlg_command_selftest(struct mlg_session *session); /* selftest.c */
int mlg_command_diff(struct mlg_session *session);     /* diff.c */
int mlg_command_compare(struct mlg_session *session);  /* changes.c */
int mlg_command_loosened(struct mlg_session *session); /* loosened.c */
/* Are two files named, and at most one way to print? Else told: `usage` is what to write. */
bool mlg_two_files(const struct mlg_session *session, const char *usage);
int mlg_command_repro(struct mlg_session *session); /* verify.c */
int mlg_command_init(struct mlg_session *session);
extern const char *const mlg_hook_types[];      /* of --type; ends with NULL (hook.c) */
int mlg_init_hook(struct mlg_session *session); /* hook.c */
int mlg_command_list(struct mlg_session *session);
int mlg_command_explain(struct mlg_session *session);
int mlg_command_schema(struct mlg_session *session);
int mlg_command_reference(struct mlg_session *session);
extern const char mlg_description_kinds[]; /* pipeline.c: the kinds of mlgate describe */
int mlg_command_describe(struct mlg_session *session);
int mlg_command_version(struct mlg_session *session);
int mlg_command_help(struct mlg_session *session);

/* ---- describe ------------------------------------------------------------------------------------ */

/* The tables of the config, in the order in which a reader meets them. */
struct mlg_table_of_rows {
    const char *title, *where, *about;
    const struct mlg_param *rows;
    const void *defaults; /* NULL: none */
};
/* Suite, data, gate, waiver, then one per gate that has options of its own; ends with rows NULL. NULL for
 * want of memory. */
const struct mlg_table_of_rows *mlg_config_tables(struct mlg_arena *arena);

/* The default as one reads it: "0.95", "the gate's name"; "" where there is none to tell. */
void mlg_put_default(struct mlg_builder *out, const struct mlg_param *row, const void *defaults);
/* Words, filled into lines of `width`, continued at column `indent`; the first line goes on at `column`. */
void mlg_put_filled(struct mlg_builder *out, const char *text, size_t column, size_t indent, size_t width);
/* "a number such as 0.5, at least 0" */
void mlg_put_takes(struct mlg_builder *out, const struct mlg_param *row);

/* What a row means, its choices, and its default; of a required one `required`. One line, no full stop. */
void mlg_put_meaning(struct mlg_builder *out, const struct mlg_param *row, const void *defaults,
                     const char *required);

void mlg_put_help(struct mlg_builder *out, const struct mlg_session *session);
void mlg_put_overview(struct mlg_builder *out);
void mlg_put_schema(struct mlg_builder *out, struct mlg_arena *arena);
void mlg_put_reference(struct mlg_builder *out, struct mlg_arena *arena);
void mlg_put_list(struct mlg_builder *out, bool markdown);
/* False: nothing of that name; *nearest is then a name that is near, or NULL. */
bool mlg_put_explanation(struct mlg_builder *out, const char *name, struct mlg_arena *arena,
                         const char **nearest);

#endif
