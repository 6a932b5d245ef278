/* repro_private: what the files of the repro gate share. Private to gates/repro.c and gates/repro/.
 *
 * Always true: functions that return int return MLG_OK or the code of the error that they have set; texts
 * stand in the arena of the gate's run.
 */
#ifndef MLGATE_REPRO_PRIVATE_H
#define MLGATE_REPRO_PRIVATE_H

#include "mlgate/manifest.h"
#include "mlgate/repro.h"
#include "mlgate/rerun.h"
#include "mlgate/run.h"
#include "mlgate/spread.h"

struct repro_options {
    struct mlg_texts run;
    const char *shell, *workdir;
    struct mlg_texts inputs, outputs;
    int64_t runs, parallel;
    struct mlg_texts seeds;
    const char *against, *manifest;
    double timeout;
    int64_t memory;
    struct mlg_map environment;
    struct mlg_texts inherit, vary;
    int64_t budget;
    bool network;
    const char *prediction, *id, *label;
    struct mlg_texts score;
    const char *positive;
    struct mlg_map sources;
    double tolerance, relative;
    struct mlg_texts ignore;
};

enum {
    REPRO_BUDGET_OF_ITS_OWN = -1, /* of `budget`: as many for each check as naming two culprits takes */
    REPRO_MOST_RUNS = 2000
};

/* What was found of two files (look.c). */
struct known_pair;

/* The runs of one gate, and what is known of them: the state of the gate. */
struct repro_run {
    struct mlg_gate_run *run;
    const struct repro_options *options;
    struct mlg_rerun *rerun;
    struct mlg_call *calls; /* per check */
    struct mlg_rerun_run **runs;
    size_t run_count, asked; /* asked: before any looks for a culprit */
    size_t begun;            /* with those that failed, which are not kept */
    mlg_variation_set possible;
    bool is_copied_told; /* that an output holds what was not made */
    const char *isolation, *isolation_missing;
    const struct mlg_rerun_run *failed; /* the last run that failed; NULL: none */
    char (*against_sha256)[65];         /* per output, as it was before the runs */
    char (*against_beside)[65];         /* of files beside it that have values of a model */
    struct mlg_rejudged **judged;       /* [number of the run - 1] verdicts on what it wrote; NULL: not yet */
    struct mlg_rejudged *own;           /* verdicts on the suite's own files */
    struct mlg_noise_floor *floors;
    size_t floor_count;
    struct known_pair **known;
    struct mlg_manifest manifest; /* where one is to be written */
};

/* What a check finds of one pair of runs. */
struct finding {
    double value;
    const char *undefined;
    struct mlg_repro_pair pair;
    const char *with;                /* "run 2", "the artefact 'model.npz'" */
    const char *seed;                /* of the runs that are compared */
    uint64_t changed, rows, missing; /* flips over all runs of the seed */
    size_t tables;
    bool is_artefact;                      /* it is of what is there already, against a run */
    const struct mlg_spread_found *spread; /* over the runs */
    /* With what is there already counted as a run more, where it lies further away; its name. */
    const struct mlg_spread_found *spread_with;
    const char *with_whom;
};

/* What the search for causes is to know of a check. */
struct to_explain {
    bool is_wanted, moved; /* moved: it is inconclusive, and runs differ */
    const char *seed;      /* of the runs that differ */
    const char *ignorable; /* advice, where what differs may be meant to; NULL: none */
    const char *told;      /* the part that a note tells of; NULL: none does */
    bool is_tiny;          /* all that differs are last bits of numbers */
    struct mlg_check_result *result;
};

static inline int repro_no_memory(struct mlg_error *error)
{
    mlg_error_set(error, MLG_LIMIT, "no memory for the gate");
    return MLG_LIMIT; /* a constant, which analyzers follow */
}

/* ---- repro.c: options and hooks --------------------------------------------------------------------- */

/* How often it is run, or with seeds how often with each. */
int64_t repro_runs_of_each(const struct mlg_gate_config *config);

/* ---- check.c: the config, judged without running ---------------------------------------------------- */

/* The source of the suite that the output FILE takes the place of; NULL: none. */
const struct mlg_data *repro_source_of(const struct repro_options *options, const struct mlg_suite *suite,
                                       const char *file);
/* Does the command name this placeholder? */
bool repro_command_has(const struct repro_options *options, const char *placeholder);
/* Does what the check means hold or not, without a limit? */
bool repro_is_predicate(const struct mlg_call *call);
/* The same by the name of its quantity alone: the is_predicate of the gate. */
bool repro_is_predicate_name(const struct mlg_check *check);
/* "runs", but for a share of rows: the `counts` of the gate. */
const char *repro_counts(const struct mlg_check *check);
/* Does the quantity compare two runs? */
bool repro_is_of_two(const struct mlg_repro_kernel *kernel);
/* The set that `vary` names; a word that is none is told in `list` (NULL: it has been told). */
mlg_variation_set repro_read_vary(const struct mlg_gate_config *config, struct mlg_diagnostics *list);
/* Tells every mistake of the config: the check of the gate. */
void repro_check(const struct mlg_gate_config *config, const struct mlg_suite *suite, struct mlg_arena *arena,
                 struct mlg_diagnostics *list);

/* ---- runs.c: making runs and keeping them ----------------------------------------------------------- */

/* The first run of this seed; NULL: there is none yet. */
const struct mlg_rerun_run *repro_first_of(const struct repro_run *state, const char *seed);
/* The first run of the same seed, which a run is compared with. */
const struct mlg_rerun_run *repro_base_of(const struct repro_run *state, const struct mlg_rerun_run *run);
/* "run 2", "run 2 (seed 7)" */
const char *repro_run_name(const struct repro_run *state, const struct mlg_rerun_run *run);
/* Puts in front of the error, where the command failed with something varied, what was varied and what was
 * `found` of why (NULL: nothing). */
void repro_tell_failure(const struct repro_run *state, const struct mlg_rerun_run *failed, const char *found,
                        struct mlg_error *error);
/* Makes one run, and keeps it as the last of state->runs where it ends well. */
int repro_run_once(struct repro_run *state, mlg_variation_set varied, const char *seed,
                   struct mlg_error *error);
/* Makes all runs that are asked for, and keeps them. Where one fails with something varied, the error says
 * what is found of why. */
int repro_make_runs(struct repro_run *state, const struct mlg_rerun_order *order, struct mlg_error *error);
/* Warns of how runs went beside each other, and what that touches; or why they did not. */
void repro_tell_parallel(const struct repro_run *state);
/* Warns where what is told as varied is not varied of all. */
void repro_tell_partly_varied(const struct repro_run *state);
/* Warns where runs find what lay in their directory before them. */
void repro_tell_shared(const struct repro_run *state);

/* ---- look.c: two files of one output ---------------------------------------------------------------- */

/* The place of FILE among the outputs; their count: it is none of them. */
size_t repro_output_index(const struct repro_options *options, const char *file);
/* The text with the places of kept files, which are gone when it is read, as "'model.npz' of run 2". */
const char *repro_without_places(const struct repro_run *state, const char *text);
/* "'p.csv' of run 2, line 3: empty line" */
const char *repro_error_text(const struct repro_run *state, const struct mlg_error *error);
/* Has a run's output the bytes of the first run of its seed, and nothing beside it that could differ? An
 * error where values of a model lie in a file that is no output. */
int repro_find_same(const struct repro_run *state, size_t check, const struct mlg_rerun_run *run, bool *same,
                    struct mlg_error *error);
/* Was the output compared as a part of a model beside it? */
bool repro_is_beside(const struct repro_run *state, const char *output);
/* Of a check of bytes: a file beside its model that has values of it, and that no check looks at; NULL:
 * none. */
const char *repro_describe_beside(const struct repro_run *state, size_t check);
/* What the check finds of a run's output, against that of the first run of its seed. */
int repro_look_at_run(const struct repro_run *state, size_t check, const struct mlg_rerun_run *run,
                      struct finding *finding, struct mlg_error *error);
/* The path that 'against' names for an output: the file itself, or the one of that name in the directory. */
int repro_find_against(const struct repro_run *state, size_t output, const char **path,
                       struct mlg_error *error);
/* Keeps the digests of what 'against' names, before a run could write there. */
int repro_read_against(struct repro_run *state, struct mlg_error *error);
/* What the check finds of what 'against' names, against the first run; an error where a run changed it. */
int repro_look_at_artefact(const struct repro_run *state, size_t check, struct finding *finding,
                           struct mlg_error *error);
/* Of paths that are directories, the files of one name in them that are tables with the column take
 * their place. An error where there are none, several, or others in another. */
int repro_find_tables(const struct repro_run *state, const char *column, const char **paths, size_t count,
                      struct mlg_error *error);
/* Is it worse for the check than the worst so far (one without a name: there is none yet)? */
bool repro_is_worse(const struct mlg_call *call, const struct finding *finding, const struct finding *worst);
/* Predictions that changed in any run of a seed, of all seeds the worst; `worst` begins empty. */
int repro_find_flips(const struct repro_run *state, size_t check, struct finding *worst,
                     struct mlg_error *error);
/* Warns of patterns of 'ignore' that met nothing in all that was compared; files of the same bytes are not
 * looked into. */
void repro_warn_of_unmet_patterns(const struct repro_run *state);

/* ---- rows.c: are files about the same rows ---------------------------------------------------------- */

/* Are the files about the same rows as the first, with the same labels and the same cells in `columns`? *why
 * names the first that is not. */
int repro_check_rows(const struct repro_run *state, const struct mlg_data *data,
                     const struct mlg_texts *columns, const char *const *files, const char *const *names,
                     size_t count, const char **why, struct mlg_error *error);
/* The same of what the runs wrote for the suite's sources, and its own files, with the columns that its other
 * gates judge by. *why stays NULL where all is the same. */
int repro_check_rows_of_sources(const struct repro_run *state, const char **why, struct mlg_error *error);

/* ---- spread.c: how far a metric spreads ------------------------------------------------------------- */

/* METRIC on what these runs wrote. */
int repro_find_spread(const struct repro_run *state, size_t check, const struct mlg_rerun_run *const *runs,
                      size_t count, struct finding *finding, struct mlg_error *error);
/* METRIC over all runs, or one of each seed; and with what is there already, where that lies further away. */
int repro_find_spread_of_all(const struct repro_run *state, size_t check, struct finding *worst,
                             struct mlg_error *error);
/* Adds parts and notes to the result: where the spread lies, its bounds, whether these rows can see it. */
void repro_note_spread(const struct repro_run *state, const struct mlg_call *call,
                       const struct finding *finding, struct mlg_check_result *result);
/* Adds the spread of a metric on all rows to state->floors; once, however many checks limit it. */
void repro_add_noise_floor(struct repro_run *state, size_t check, const struct finding *finding);

/* ---- verdicts.c: the suite's other gates, judged on what runs wrote --------------------------------- */

/* Are the verdicts of the suite's other gates the same on these runs? Each run is judged once. */
int repro_find_verdicts(const struct repro_run *state, const struct mlg_rerun_run *const *runs, size_t count,
                        struct finding *finding, struct mlg_error *error);
/* The same on all runs, and on the suite's own files, which are one more. */
int repro_find_verdicts_of_all(struct repro_run *state, struct finding *worst, struct mlg_error *error);
/* Adds a note for each check whose verdict is not the same on all of them. */
void repro_note_verdicts(const struct repro_run *state, struct mlg_check_result *result);

/* ---- tell.c: sentences about a finding -------------------------------------------------------------- */

/* What differs first: "run 2: 'w' (float32 [128]) differs in 3 of 128 elements, by 1e-07 at most, first at
 * w[3]: 0.5 against 0.6"; NULL: the bytes are the same. */
const char *repro_describe(const struct finding *finding, const char *file, bool is_distance,
                           struct mlg_arena *arena);
/* Is the part a reason of what was found? */
bool repro_is_telling(const struct finding *finding, const struct mlg_part *part, bool is_distance);
/* Are all differences numbers that are as far apart as sums in another order are? */
bool repro_is_tiny(const struct finding *finding, bool is_distance);
/* The name of the part that repro_describe tells of; NULL: it tells of none. */
const char *repro_told_part(const struct finding *finding, bool is_distance);
/* "run 2: 3 of 400 predictions changed (in any of 4 runs: 5), 1 from right to wrong and 2 from wrong to
 * right" */
const char *repro_describe_flips(const struct finding *finding, struct mlg_arena *arena);
/* "in 399 of 400 rows no run has a prediction: they are not compared"; NULL: all are. */
const char *repro_describe_missing(const struct finding *finding, bool of_scores, struct mlg_arena *arena);
/* "run 2: a score changes most at id=17: 0.5 against 0.6" */
const char *repro_describe_scores(const struct finding *finding, struct mlg_arena *arena);
/* "run 2: id=17 is only in 'p.csv' of run 1; 3 rows are not there, 0 only there" */
const char *repro_describe_other_rows(const struct repro_run *state, const struct finding *finding);

/* The same runs are told in the same words: their directory, whose name is another each time, is {fresh} in
 * all that is told. Where `error` tells nothing it is as it was. */
void repro_tell_fresh(const struct repro_run *state, struct mlg_gate_result *result, struct mlg_error *error);

/* ---- ignorable.c: what `ignore` could name ----------------------------------------------------------- */

/* "where '/seconds' is meant to differ, name it in 'ignore'", where texts and times are all that differs;
 * NULL: more does. */
const char *repro_ignorable(const struct finding *finding, bool is_distance, struct mlg_arena *arena);
/* Lists for programs what differs, as `ignore` takes it: in the worst finding, and in any run. */
void repro_list_differing(const struct repro_run *state, size_t check, const struct finding *worst,
                          struct mlg_check_result *result);

/* ---- judge.c: every check --------------------------------------------------------------------------- */

/* A remark for the reader, in the arena. */
void repro_note(struct mlg_check_result *result, struct mlg_arena *arena, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Judges every check on the runs that were made, and makes more to explain what did not pass. */
int repro_judge_checks(struct repro_run *state, struct mlg_gate_result *result, struct mlg_error *error);

/* ---- cause.c: what makes runs differ, or fail ------------------------------------------------------- */

/* For each check that did not pass since runs differ. Of those that have one cause the first that reports
 * show tells it in full: they show failed ones first, then what could not be judged. */
int repro_explain(struct repro_run *state, const struct to_explain *checks, struct mlg_error *error);
/* Why does the command fail with something varied that worked plainly? Sought as what makes outputs differ
 * is. One that takes too long is not run again and again. */
void repro_explain_failure(struct repro_run *state, const struct mlg_rerun_run *failed,
                           struct mlg_error *error);

#endif
