/* run: how a suite runs, from its sources to its verdict.
 *
 * Always true: every source is opened, planned by all gates and scanned once, and once more where labels and
 * predictions turn out to be numbers alone, so that only checks of classes go without; a mistake in the data
 * becomes an error in the results, with the checks that it hits still listed.
 */
#ifndef MLGATE_RUN_H
#define MLGATE_RUN_H

#include "mlgate/gate.h"
#include "mlgate/metric.h"
#include "mlgate/results.h"
#include "mlgate/scan.h"

/* A data source while a suite runs: opened, planned by all gates, scanned once. */
struct mlg_source {
    const struct mlg_data *data;
    struct mlg_reader *reader;
    struct mlg_plan *plan;
    struct mlg_scan *scan;
    bool is_file; /* it can be read again */
    bool failed;  /* could not be opened or scanned: `error` says why */
    struct mlg_error error;
};

/* A file that an option of a gate names (gate.h: file_params), read whole. */
enum { MLG_RUN_FILE_BYTES = 64 * 1024 * 1024 };
struct mlg_run_file {
    const char *name;  /* the option */
    const char *path;  /* as written */
    const char *shown; /* as it was opened */
    const char *bytes; /* unpacked; NULL: it could not be read, `error` says why */
    size_t size;
    struct mlg_error error;
    struct mlg_read_summary summary;
    /* What the gate's plan found in it. */
    const char *format;
    uint64_t rows;
};

/* A gate while a suite runs. */
struct mlg_gate_run {
    const struct mlg_suite *suite;
    const struct mlg_gate_config *config;
    const struct mlg_world *world;
    struct mlg_source *sources; /* of the whole suite */
    size_t source_count;
    unsigned threads;
    struct mlg_arena *arena;
    struct mlg_run_file *files; /* those that are given */
    size_t file_count;
    void *state; /* the gate's own, between plan and judge */
    bool failed; /* planning failed: `error` says why */
    struct mlg_error error;
    bool has_own_positive; /* set by plan: it reads other classes than the source's positive one */
    const char **warnings;
    size_t warning_count, warning_capacity;
};

/* How files of the source are read; their path is the caller's. */
struct mlg_reader_options mlg_data_reading(const struct mlg_data *data);

/* The file that the option names; NULL: it is not given. */
struct mlg_run_file *mlg_run_file(struct mlg_gate_run *run, const char *option);

/* The error with its place, as one sentence: "t.csv:3: ...". */
const char *mlg_error_sentence(const struct mlg_error *error, struct mlg_arena *arena);

/* Tells it, in the run's arena, with the warnings of every report. */
void mlg_run_warn(struct mlg_gate_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Runs a loaded suite: opens and plans every source, scans each once, judges every gate, applies
 * waivers and the family rule, concludes. Only the gates named in `only` (count 0: all). Mistakes of
 * data become errors in the results, so this fails only for want of memory. */
int mlg_suite_run(const struct mlg_suite *suite, const struct mlg_world *world, const char *const *only,
                  size_t only_count, unsigned threads, struct mlg_arena *arena, struct mlg_results *results,
                  struct mlg_error *error);
/* The files that such a run opens, as it opens them, each once: data and labels that the gates read, what
 * their options name, the waivers. *are_all: beside these and the configuration it reads nothing, and all it
 * finds stands in results.json; false where a gate reads or writes by itself, or runs a command. False: no
 * memory. */
bool mlg_suite_files(const struct mlg_suite *suite, const char *const *only, size_t only_count,
                     struct mlg_arena *arena, struct mlg_texts *files, bool *are_all);
/* The results of a suite that could not even be loaded: every diagnostic becomes an error. */
void mlg_results_of_diagnostics(const struct mlg_diagnostics *list, const char *config_path,
                                struct mlg_arena *arena, struct mlg_results *results);

/* What a check's result says before anything was measured: names, limit, settings, place. */
void mlg_check_result_begin(struct mlg_check_result *result, const struct mlg_gate_config *config,
                            const struct mlg_check_config *item, struct mlg_arena *arena);

/* The id of a check on all rows; on a slice " / " and the slice's name follow. NULL without memory. */
const char *mlg_check_id(const struct mlg_gate_config *config, const struct mlg_check *check,
                         struct mlg_arena *arena);

/* Warnings about a loaded suite that need no data; `mlgate check` tells them, a run finds out by itself. */
void mlg_suite_review(const struct mlg_suite *suite, const struct mlg_world *world, struct mlg_arena *arena,
                      struct mlg_diagnostics *list);

/* For a gate's review: warns of a limit that can never fail, the quantity lying between minimum and maximum,
 * and of one whose quantity, `bare`, never has an interval (NULL: it may have one). */
void mlg_review_check(const struct mlg_check_config *item, double minimum, double maximum, const char *bare,
                      struct mlg_diagnostics *list);

/* For a gate's doubts: of a limit that looks away from what is worse, while no other check of the gate on the
 * same quantity looks there; of one that can never fail that is said already. NULL: there is nothing to say.
 */
const char *mlg_doubt_direction(const struct mlg_gate_config *config, const struct mlg_check_config *item,
                                enum mlg_direction direction, double minimum, double maximum,
                                struct mlg_arena *arena);
/* Does another check of the gate limit the same quantity, which lies between minimum and maximum, from the
 * other side? A limit that can never fail is none. */
bool mlg_has_opposite(const struct mlg_gate_config *config, const struct mlg_check_config *item,
                      double minimum, double maximum);

/* Tells a check whose text stands before it in the gate: two checks of one id would be one in the history. */
void mlg_check_once(const struct mlg_gate_config *config, size_t check, struct mlg_diagnostics *list);
/* Does every entry of the check's `on` name slices that the gate has? Tells those that do not. */
void mlg_check_on(const struct mlg_gate_config *config, const struct mlg_check_config *item,
                  struct mlg_arena *arena, struct mlg_diagnostics *list);
/* Why the check on the slice that `on` names is an error: no row is in it; which one may have been meant.
 * `slicings` are those of the gate in the scan. */
const char *mlg_absent_slice(const struct mlg_scan *scan, const size_t *slicings, size_t count,
                             const struct mlg_on *on, struct mlg_arena *arena);

/* Why a check on the slice, called `name`, is an error: all its rows were dropped, or more than max_missing
 * of them and more than one. NULL: they were not. */
const char *mlg_lost_slice(const struct mlg_scan *scan, const struct mlg_slice *slice, const char *name,
                           struct mlg_arena *arena);
/* For a warning: "; hit most: g=rare (8 of 8), ...", the slices that lost most of their rows; "": none did.
 * `unmatched`: of labels to the want of a prediction, else of rows that have one to that of a value. */
const char *mlg_hit_slices(const struct mlg_scan *scan, bool unmatched, struct mlg_arena *arena);

/* Declared slices that no row is in and that no check runs on, so that none tells it; NULL: there is none. */
const char *mlg_unreached_slice(const struct mlg_gate_config *config, const struct mlg_scan *scan,
                                const size_t *slicings, size_t count, struct mlg_arena *arena);

/* Why the answers of a source are no model's: all alike while the labels vary, and 'allow_constant' is not
 * set. `reads` (enum mlg_reads): what is looked at. NULL: they are not. */
const char *mlg_constant_answers(const struct mlg_scan *scan, unsigned reads, struct mlg_arena *arena);

/* It could not be measured: an error with `reason`. */
void mlg_check_not_measured(struct mlg_check_result *result, const char *reason);
/* What the evidence says: value, bounds and, where the check has a limit, the verdict under `settings`. The
 * quantity lies between minimum and maximum, which tells whether the limit can ever fail. */
void mlg_check_measured(const struct mlg_check *check, const struct mlg_settings *settings,
                        const struct mlg_evidence *evidence, double minimum, double maximum,
                        struct mlg_arena *arena, struct mlg_check_result *result);
/* A remark for the reader, in the arena; beyond the first MLG_CHECK_NOTES they are left out. */
enum { MLG_CHECK_NOTES = 8 };
void mlg_check_note(struct mlg_check_result *result, const char *text, struct mlg_arena *arena);
/* "" is NULL; else a copy. */
const char *mlg_kept_text(const char *text, struct mlg_arena *arena);
/* The name of a slice, as mlg_put_slice_name writes it; NULL without memory. */
const char *mlg_slice_text(const char *const *columns, const char *const *values, size_t count,
                           bool is_comparison, struct mlg_arena *arena);

/* Opens a source once more, for a second look at what was scanned; its memory is of `arena`. Not for one that
 * is no file (is_file), which is an error. The caller closes the reader. */
int mlg_run_reopen(const struct mlg_gate_run *run, const struct mlg_source *source, struct mlg_arena *arena,
                   struct mlg_reader **reader, struct mlg_error *error);

/* The source called `name`, or NULL. */
struct mlg_source *mlg_run_source(struct mlg_gate_run *run, const char *name);

#endif
