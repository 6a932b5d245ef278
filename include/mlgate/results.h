/* results: the finished suite. Every report is a pure function of it; results.json is its text.
 *
 * Always true: texts are valid UTF-8 or NULL (NULL prints as null); numbers that are not known have
 * `has_` false; the order of gates and checks is that of the config, slices sorted; everything but `run`
 * depends on the inputs alone. Lives in one arena.
 */
#ifndef MLGATE_RESULTS_H
#define MLGATE_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/arena.h"
#include "mlgate/error.h"
#include "mlgate/text.h"
#include "mlgate/verdict.h"

struct mlg_optional {
    bool known;
    double value;
};

struct mlg_pair {
    const char *key, *value; /* value NULL: missing */
};

struct mlg_group_result {
    struct mlg_pair *group;
    size_t group_count;
    uint64_t n;
    struct mlg_optional estimate, lower, upper;
    struct mlg_optional count, of; /* the estimate as a ratio of counts: selected 82 of 199 */
    struct mlg_optional positives; /* rows labelled positive */
    struct mlg_optional disparity; /* against `group_against`: ratio to it, or distance from it */
    const char *note;              /* "left out: fewer than 30 rows"; NULL: it counts */
};

/* A value that the estimate is made of: of a gap the train score and the held-out one. */
struct mlg_part_result {
    const char *name; /* "train" */
    struct mlg_optional value;
};

struct mlg_check_result {
    const char *id;       /* "accuracy / roc_auc >= 0.85 / sex=Male" */
    const char *check;    /* as written */
    const char *quantity; /* canonical name */
    struct mlg_pair *arguments;
    size_t argument_count;
    const char *average;    /* "macro": how it combined more than two classes without being told; or NULL */
    struct mlg_pair *slice; /* empty: all rows */
    size_t slice_count;
    const char *comparator; /* NULL: reported only */
    struct mlg_optional limit;
    struct mlg_optional estimate, lower, upper;
    double confidence;
    const char *method;
    uint64_t n, rows;    /* what the value rests on (positives, queries); rows of the slice */
    const char *counted; /* what `n` and `rows` are of, where it is not rows: "runs"; NULL: rows */
    struct mlg_optional rows_needed;
    struct mlg_group_result *groups; /* where groups are compared: the most disadvantaged first */
    size_t group_count;
    const char *group_quantity; /* what `groups` tells of each: "selection_rate"; NULL without groups */
    const char *group_against;  /* what a group's `disparity` is against: "best"; NULL: nothing */
    /* Of two quantities (equalized odds) the one that does not decide, in an order of its own. */
    struct mlg_group_result *other_groups;
    size_t other_group_count;
    const char *other_group_quantity, *other_group_against;
    struct mlg_optional constant; /* what the best constant answer scores */
    struct mlg_part_result *parts;
    size_t part_count;
    const char *
        *offenders; /* rows or columns behind the value, the worst first: "line 12, as line 88 of train" */
    size_t offender_count;
    struct mlg_optional offenders_of; /* how many there are in all */
    const char **differing; /* parts of a file that differ from run to run, as `ignore` takes them */
    size_t differing_count;
    struct mlg_optional differing_of; /* how many there are in all; not known: more than were counted */
    const char *advice; /* what would change a verdict that is no pass; NULL: nothing is known */
    enum mlg_verdict verdict;
    enum mlg_verdict underlying; /* of a waived one; else the verdict */
    bool enforce;
    bool blocks;             /* with this verdict: enforced, and not one that only warns */
    bool warns_only;         /* on_inconclusive: warn */
    bool limit_is_vacuous;   /* the best constant answer meets it too: `notes` says so */
    bool limit_never_fails;  /* can never fail, whatever the data */
    double fail_probability; /* see mlg_judgement; not part of results.json */
    const char *reason, *because, *decided_by;
    const char *waiver_reason, *waiver_owner, *waiver_expires;
    const char **notes; /* "the limit is also met by always answering 'no' (0.829)" */
    size_t note_count;
    const char *file; /* of the config line, NULL if none */
    unsigned long line;
};

/* How far a metric moves without any change of the model's making: a margin for comparisons with it. */
struct mlg_noise_floor {
    const char *metric;
    struct mlg_pair *arguments;
    size_t argument_count;
    const char *file; /* the output that it was measured on */
    /* Of groups: their column, and the one that moves most ("sex=Female"), which all that follows is of.
     * NULL: all rows. */
    const char *column, *group;
    const char *over; /* "seeds", or "runs" of the same command */
    uint64_t runs;    /* values that sd and spread are of */
    double mean, sd, spread;
    uint64_t rows;                      /* of one run; of the group */
    struct mlg_optional sampling_error; /* half the width of one run's bounds */
};

/* A file that a gate's option asks for and that is written beside the reports. */
struct mlg_written_file {
    const char *option; /* the row of the gate's written_params */
    const char *bytes;
    size_t size;
};

struct mlg_gate_result {
    const char *gate, *name, *data, *title; /* title: "accuracy on test (2,613 rows)" */
    enum mlg_verdict verdict;
    struct mlg_check_result *checks;
    size_t check_count;
    struct mlg_check_result *reported; /* quantities without comparator */
    size_t reported_count;
    struct mlg_noise_floor *noise_floor;
    size_t noise_floor_count;
    const char *
        isolation; /* of commands that were run, as it was active: "network and processes"; NULL: none were */
    struct mlg_written_file *files; /* not part of results.json */
    size_t file_count;
    const char *error; /* the gate as a whole could not be judged; place in file, line */
    double seconds;    /* of a gate that runs commands; 0: it shares its time with others */
    const char *file;
    unsigned long line;
    const char **printed; /* with `error`: the last lines that a command printed which failed */
    size_t printed_count;
};

struct mlg_input_result {
    const char *name, *path, *sha256, *format;
    const char *positive; /* the positive class, where it was read and is known */
    uint64_t rows, dropped, bytes;
    uint64_t unmatched; /* of a file of labels: rows without a prediction */
};

struct mlg_results {
    const char *version;
    enum mlg_verdict verdict;
    int exit_code;
    uint64_t counts[MLG_VERDICT_COUNT];
    uint64_t not_enforced; /* fail, inconclusive or error that does not block by enforce: false */
    const char *config_path, *config_sha256;
    int64_t seed;
    const char *family;       /* "holm": the checks were judged together; NULL: each by itself */
    struct mlg_pair *outside; /* what flags and environment set beside the configuration; sorted */
    size_t outside_count;
    struct mlg_input_result *inputs;
    size_t input_count;
    struct mlg_gate_result *gates;
    size_t gate_count;
    const char **left_out; /* names of the gates that --only leaves out */
    size_t left_out_count;
    const char **warnings; /* "waiver ... is not used", dropped rows, limits that never fail */
    size_t warning_count;
    const char **errors; /* the suite could not be run: config mistakes, zero checks */
    size_t error_count;
    struct {
        const char *started; /* 2026-11-23T10:00:00Z */
        double seconds;
        unsigned threads;
        const char *host;
        const char *command; /* that judges the same without writing reports, for a shell; NULL: not known */
        const char *cached;  /* when the results were worked out that this run took; NULL: by itself */
    } run;
};

/* results.json, whole, with a final newline. */
void mlg_results_write(const struct mlg_results *results, struct mlg_builder *out);
/* The inverse: write(read(text)) gives the same bytes. A wrong schema or a broken document is a
 * MLG_DATA error that says where. */
int mlg_results_read(const char *path, const char *bytes, size_t size, struct mlg_arena *arena,
                     struct mlg_results *results, struct mlg_error *error);

/* Counts, verdict and exit code from the gates and errors: the one place where they are worked out. */
void mlg_results_conclude(struct mlg_results *results);

#endif
