/* gate: a named set of checks of one kind, as the config and the run see it.
 *
 * Always true: a gate's functions are pure: they do not print, open, exit or know their platform. A gate
 * is one file with one exported object, struct mlg_gate mlg_gate_<name>, and one line in gates.def.
 */
#ifndef MLGATE_GATE_H
#define MLGATE_GATE_H

#include "mlgate/suite.h"

struct mlg_metric;      /* metric.h */
struct mlg_gate_run;    /* run.h */
struct mlg_gate_result; /* results.h */

/* Data and a config whose verdict is known: `mlgate selftest` has the gate judge it. */
struct mlg_control {
    const char *about;   /* "a model that selects one group half as often"; NULL ends a list */
    const char *config;  /* the text of an mlgate.yaml with this gate alone, its data at MLG_CONTROL_PATH */
    const char *verdict; /* "fail": what the suite must come to */
    void (*data)(struct mlg_builder *out); /* writes the CSV */
    void (*other)(
        struct mlg_builder *out); /* writes another one, at MLG_CONTROL_OTHER_PATH; NULL: there is none */
    /* What the results must show besides; NULL: nothing. Returns NULL, or what is wrong with them. */
    const char *(*proves)(const struct mlg_gate_result *result);
};
#define MLG_CONTROL_PATH "control.csv"
#define MLG_CONTROL_OTHER_PATH "other.csv"

struct mlg_gate {
    const char *name;    /* "accuracy" */
    const char *about;   /* one sentence */
    const char *example; /* a check, for who gives none; NULL: some quantity's */
    const char
        *example_keys; /* what such a check needs beside data, in an example: "train: train, "; or NULL */
    const struct mlg_metric *const *quantities; /* what its checks are of; NULL-terminated */
    const struct mlg_param *params;             /* its own options, beyond mlg_gate_params */
    size_t options_size;
    const void *defaults;
    /* Names of rows of `params` that name a data source; as a flag the path of one that is read as the one
     * in --data is. NULL-terminated, or NULL. */
    const char *const *source_params;
    /* Names of rows of `params` that name a file which a run reads whole, of up to MLG_RUN_FILE_BYTES, and
     * which is an input with a digest. NULL-terminated, or NULL. */
    const char *const *file_params;
    /* Names of rows of `params` that name a file which `judge` fills (`files` of the result) and which is
     * written beside the reports, as whole as they are. NULL-terminated, or NULL. */
    const char *const *written_params;
    /* Names of rows of `params`, texts or lists of them, that name files which it reads by itself, relative
     * to mlgate.yaml: nothing is written over them, and no cache keeps what it finds. NULL-terminated, or
     * NULL.
     */
    const char *const *read_params;
    /* Do its checks look at rows? One whose do not needs no `data`. NULL: they do. */
    bool (*needs_data)(const struct mlg_gate_config *config);
    bool without_data; /* it never looks at a data source: as an executable it has no options of one */
    const struct mlg_control *controls; /* one with a flaw and one without, at least */
    /* Adds to options and checks what other options stand for, such as presets; `checks` that are added are
     * ordinary ones, made with mlg_gate_add_check. NULL: nothing stands for anything else. */
    void (*expand)(struct mlg_gate_config *config, const struct mlg_suite *suite, struct mlg_arena *arena,
                   struct mlg_diagnostics *list);
    /* Judges the config without data; tells every mistake in `list`. */
    void (*check)(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                  struct mlg_arena *arena, struct mlg_diagnostics *list);
    /* Warns of what is allowed and yet hardly meant: checks that can never fail, or never pass. NULL: no
     * warnings. */
    void (*review)(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                   struct mlg_arena *arena, struct mlg_diagnostics *list);
    /* Does a check of this quantity hold or not, without a limit? NULL: a quantity without a limit is
     * reported only.
     */
    bool (*is_predicate)(const struct mlg_check *check);
    /* What its value and its evidence are of, where it is not rows: "runs". May be missing, or NULL: rows. */
    const char *(*counts)(const struct mlg_check *check);
    /* Why the limit of a check says less than it seems, as the end of a sentence that begins with the check;
     * NULL: it does not. A run tells it too. No such member: no check of the gate does. */
    const char *(*doubt)(const struct mlg_gate_config *config, const struct mlg_check_config *item,
                         struct mlg_arena *arena);
    /* May the ids of its checks have this part between the check and the slice: "attribute=sex"? NULL: none.
     */
    bool (*id_part)(const struct mlg_gate_config *config, const char *part, size_t size);
    /* Does it read this data source, beyond the one in `data`? NULL: it does not. */
    bool (*reads)(const struct mlg_gate_config *config, const char *source);
    /* Asks the plans of the sources it reads for what it needs. */
    int (*plan)(struct mlg_gate_run *run, struct mlg_error *error);
    /* Fills checks and reported of `result`; an error here is the gate's as a whole. */
    int (*judge)(struct mlg_gate_run *run, struct mlg_gate_result *result, struct mlg_error *error);
};

/* The file that a row of file_params names, to be opened: relative to mlgate.yaml, or, from a flag or the
 * environment, to where mlgate is started. NULL: it is not given, or there is no memory. */
const char *mlg_gate_file(const struct mlg_suite *suite, const struct mlg_gate_config *config,
                          const char *option, struct mlg_arena *arena);

/* Does the gate need a data source: does it name one, or slices, or have checks that look at rows? */
bool mlg_gate_needs_data(const struct mlg_gate_config *config);

/* Is it judged, and not only reported? */
static inline bool mlg_gate_judges(const struct mlg_gate *gate, const struct mlg_check *check)
{
    return check->comparator != MLG_NO_COMPARATOR ||
           (gate && gate->is_predicate && gate->is_predicate(check));
}

/* A check as the gate has them: "roc_auc >= 0.85". */
static inline const char *mlg_gate_example(const struct mlg_gate *gate)
{
    return gate && gate->example ? gate->example : "roc_auc >= 0.85";
}

/* All rows of gates.def, NULL-terminated. */
extern const struct mlg_gate *const mlg_gates[]; /* plugins/gates.c */

#endif
