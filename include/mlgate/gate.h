/* gate: a named set of checks of one kind, and how a suite runs.
 *
 * Always true: a gate's functions are pure: they do not print, open, exit or know their platform. A gate
 * is one file with one exported object, struct mlg_gate mlg_gate_<name>, and one line in gates.def.
 */
#ifndef MLGATE_GATE_H
#define MLGATE_GATE_H

#include "mlgate/metric.h"
#include "mlgate/results.h"
#include "mlgate/scan.h"
#include "mlgate/suite.h"

/* A data source while a suite runs: opened, planned by all gates, scanned once. */
struct mlg_source {
    const struct mlg_data *data;
    struct mlg_reader *reader;
    struct mlg_plan *plan;
    struct mlg_scan *scan;
    bool failed;             /* could not be opened or scanned: `error` says why */
    struct mlg_error error;
};

/* A gate while a suite runs. */
struct mlg_gate_run {
    const struct mlg_suite *suite;
    const struct mlg_gate_config *config;
    struct mlg_source *sources; /* of the whole suite */
    size_t source_count;
    unsigned threads;
    struct mlg_arena *arena;
    void *state;                /* the gate's own, between plan and judge */
    bool failed;                /* planning failed: `error` says why */
    struct mlg_error error;
};

struct mlg_gate {
    const char *name;               /* "accuracy" */
    const char *about;              /* one sentence */
    const struct mlg_param *params; /* its own options, beyond mlg_gate_params */
    size_t options_size;
    const void *defaults;
    /* Judges the config without data; tells every mistake in `list`. */
    void (*check)(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                  struct mlg_arena *arena, struct mlg_diagnostics *list);
    /* Does it read this data source, beyond the one in `data`? NULL: it does not. */
    bool (*reads)(const struct mlg_gate_config *config, const char *source);
    /* Asks the plans of the sources it reads for what it needs. */
    int (*plan)(struct mlg_gate_run *run, struct mlg_error *error);
    /* Fills checks and reported of `result`; an error here is the gate's as a whole. */
    int (*judge)(struct mlg_gate_run *run, struct mlg_gate_result *result, struct mlg_error *error);
};

/* All rows of gates.def, NULL-terminated. */
extern const struct mlg_gate *const mlg_gates[]; /* plugins/gates.c */

/* Runs a loaded suite: opens and plans every source, scans each once, judges every gate, applies
 * waivers and the family rule, concludes. Only the gates named in `only` (count 0: all). Mistakes of
 * data become errors in the results, so this fails only for want of memory. */
int mlg_suite_run(const struct mlg_suite *suite, const struct mlg_world *world, const char *const *only,
                  size_t only_count, unsigned threads, struct mlg_arena *arena,
                  struct mlg_results *results, struct mlg_error *error);
/* The results of a suite that could not even be loaded: every diagnostic becomes an error. */
void mlg_results_of_diagnostics(const struct mlg_diagnostics *list, const char *config_path,
                                struct mlg_arena *arena, struct mlg_results *results);

/* What a check's result says before anything was measured: names, limit, settings, place. */
void mlg_check_result_begin(struct mlg_check_result *result, const struct mlg_gate_config *config,
                            const struct mlg_check_config *item, struct mlg_arena *arena);

/* The source called `name`, or NULL. */
struct mlg_source *mlg_run_source(struct mlg_gate_run *run, const char *name);

#endif
