/* params: every key of mlgate.yaml as a row, and the rows' built-in values. */
#include <math.h>
#include <string.h>

#include "config.h"

/* ---- settings ------------------------------------------------------------------------------------ */

static const char *const decide_choices[] = {"interval", "point", NULL};
static const char *const inconclusive_choices[] = {"block", "warn", NULL};
static const char *const interval_choices[] = {"auto",
                                               "wilson",
                                               "clopper_pearson",
                                               "jeffreys",
                                               "t",
                                               "t_hall",
                                               "delta",
                                               "delong",
                                               "delong_logit",
                                               "linearised",
                                               "order",
                                               "newcombe",
                                               "miettinen_nurminen",
                                               "koopman",
                                               "katz",
                                               NULL};

/* The rows of struct mlg_settings, wherever it stands: `type` holds it at `at`. */
#define POLICY_ROWS(type, at)                                                                                \
    {.name = "confidence",                                                                                   \
     MLG_FIELD(type, at confidence, share),                                                                  \
     .minimum = 0.5,                                                                                         \
     .maximum = 1,                                                                                           \
     .minimum_open = true,                                                                                   \
     .maximum_open = true,                                                                                   \
     .argument = "SHARE",                                                                                    \
     .weaker = MLG_WEAKER_LOWER,                                                                             \
     .group = "verdicts",                                                                                    \
     .help = "the one-sided confidence of every bound"},                                                     \
        {.name = "decide",                                                                                   \
         MLG_FIELD(type, at decide, choice),                                                                 \
         .choices = decide_choices,                                                                          \
         .argument = "HOW",                                                                                  \
         .weaker = MLG_WEAKER_HIGHER,                                                                        \
         .group = "verdicts",                                                                                \
         .help = "compare the limit with the whole interval, or with the estimate alone"},                   \
    {                                                                                                        \
        .name = "on_inconclusive", MLG_FIELD(type, at on_inconclusive, choice),                              \
        .choices = inconclusive_choices, .argument = "WHAT", .weaker = MLG_WEAKER_HIGHER,                    \
        .group = "verdicts", .help = "whether a check that the data cannot decide blocks or only warns"      \
    }

#define SETTINGS_ROWS(type, at)                                                                              \
    POLICY_ROWS(type, at),                                                                                   \
        {.name = "enforce",                                                                                  \
         MLG_FIELD(type, at enforce, boolean),                                                               \
         .argument = "BOOLEAN",                                                                              \
         .weaker = MLG_WEAKER_LOWER,                                                                         \
         .group = "verdicts",                                                                                \
         .help = "false reports the verdict without letting it block"},                                      \
        {.name = "on",                                                                                       \
         MLG_FIELD(type, at on, texts),                                                                      \
         .argument = "SLICE",                                                                                \
         .weaker = MLG_WEAKER_NARROWER,                                                                      \
         .group = "verdicts",                                                                                \
         .help =                                                                                             \
             "the slices that the check runs on: all, an entry of slices, or one value such as sex=Male",    \
         .unset = "all rows and every slice"},                                                               \
        {.name = "because",                                                                                  \
         MLG_FIELD(type, at because, text),                                                                  \
         .argument = "TEXT",                                                                                 \
         .weaker = MLG_WEAKER_NONE,                                                                          \
         .group = "verdicts",                                                                                \
         .help = "why the limit is what it is, shown with the verdict",                                      \
         .unset = "no reason is shown"},                                                                     \
        {.name = "min_rows",                                                                                 \
         MLG_FIELD(type, at min_rows, integer),                                                              \
         .minimum = 0,                                                                                       \
         .maximum = 9007199254740992.0,                                                                      \
         .argument = "ROWS",                                                                                 \
         .weaker = MLG_WEAKER_LOWER,                                                                         \
         .group = "verdicts",                                                                                \
         .help = "with fewer rows that the value rests on the check is inconclusive: of recall the "         \
                 "positives, of ndcg the queries, of groups their rows"},                                    \
    {                                                                                                        \
        .name = "interval", MLG_FIELD(type, at interval, choice), .choices = interval_choices,               \
        .argument = "METHOD", .weaker = MLG_WEAKER_CHANGED, .group = "verdicts",                             \
        .help = "the method of the confidence interval; auto takes the quantity's own"                       \
    }

#define SETTINGS_VALUES                                                                                      \
    {                                                                                                        \
        .confidence = 0.95, .decide = MLG_DECIDE_INTERVAL, .on_inconclusive = MLG_BLOCK, .enforce = true     \
    }

const struct mlg_settings mlg_settings_defaults = SETTINGS_VALUES;

const struct mlg_param mlg_settings_params[] = {SETTINGS_ROWS(struct mlg_settings, ), {0}};
_Static_assert(sizeof mlg_settings_params / sizeof *mlg_settings_params == MLG_SETTINGS_COUNT + 1,
               "MLG_SETTINGS_COUNT is not the number of settings");

void mlg_settings_inherit(struct mlg_settings *settings, struct mlg_origin *origins,
                          const struct mlg_settings *above, const struct mlg_origin *above_origins,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct mlg_param *row = &mlg_settings_params[i];
        if (origins[i].type != MLG_BUILT_IN)
            continue;
        memcpy((char *)settings + row->offset, (const char *)above + row->offset, row->kind->size);
        origins[i] = above_origins[i];
    }
}

/* ---- suite ----------------------------------------------------------------------------------------- */

static const char *const family_choices[] = {"none", "holm", NULL};

const struct mlg_suite mlg_suite_defaults = {.version = 1, .settings = SETTINGS_VALUES, .max_slices = 1000};

const struct mlg_param mlg_suite_params[] = {
    {.name = "version",
     MLG_FIELD(struct mlg_suite, version, integer),
     .required = true,
     .argument = "1",
     .weaker = MLG_WEAKER_NONE,
     .group = "suite",
     .help = "the version of this file's format",
     .not_a_flag = true},
    POLICY_ROWS(struct mlg_suite, settings.),
    {.name = "family",
     MLG_FIELD(struct mlg_suite, family, choice),
     .choices = family_choices,
     .argument = "RULE",
     .weaker = MLG_WEAKER_LOWER,
     .group = "verdicts",
     .help = "the rule that keeps the confidence over all checks together"},
    {.name = "threads",
     MLG_FIELD(struct mlg_suite, threads, integer),
     .minimum = 0,
     .maximum = 4096,
     .argument = "COUNT",
     .weaker = MLG_WEAKER_NONE,
     .group = "suite",
     .help = "how many threads work; 0 is one for every processor that the process may use"},
    {.name = "seed",
     MLG_FIELD(struct mlg_suite, seed, integer),
     .minimum = 0,
     .maximum = 9007199254740992.0,
     .argument = "NUMBER",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "suite",
     .help = "the seed of everything that is drawn at random"},
    {.name = "max_slices",
     MLG_FIELD(struct mlg_suite, max_slices, integer),
     .minimum = 1,
     .maximum = 1000000,
     .argument = "COUNT",
     .weaker = MLG_WEAKER_NONE,
     .group = "suite",
     .help = "the most slices that a gate may have; a column of which every value is a slice may have 65536 "
             "values, which this does not change; a fairness gate may have 20000 groups in any case"},
    {.name = "reports",
     MLG_FIELD(struct mlg_suite, reports, map),
     .argument = "KIND=PATH",
     .weaker = MLG_WEAKER_NONE,
     .group = "reports",
     .help = "the reports to write, each a kind and a path; - is standard output",
     .unset = "the console alone"},
    {.name = "because",
     MLG_FIELD(struct mlg_suite, because, text),
     .argument = "TEXT",
     .weaker = MLG_WEAKER_NONE,
     .group = "suite",
     .help = "why a value at the top level asks for less than it did, or which gate is gone and why; "
             "'mlgate loosened' looks for it",
     .unset = "no reason is given",
     .not_a_flag = true},
    {0}};

/* ---- data ------------------------------------------------------------------------------------------ */

static const char *const missing_choices[] = {"error", "drop", NULL};
static const char *const link_choices[] = {"none", "logit", "softmax", NULL};

const struct mlg_data mlg_data_defaults = {.max_missing = 0.01, .threshold = 0.5};

#define DATA(field, kind) MLG_FIELD(struct mlg_data, field, kind)

const struct mlg_param mlg_data_params[] = {
    {.name = "path",
     DATA(path, text),
     .required = true,
     .argument = "PATH",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "file",
     .help = "the file to judge, compressed or not; - is standard input"},
    {.name = "labels_path",
     DATA(labels_path, text),
     .argument = "PATH",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "file",
     .help = "the file that the labels stand in, where they are not beside the predictions; it is matched by "
             "'join' and may hold other columns too; of columns that both files have, its own count, but for "
             "predictions, scores and 'join'",
     .unset = "the labels are in 'path'"},
    {.name = "join",
     DATA(join, text),
     .argument = "COLUMN",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "file",
     .help = "the column that 'path' and 'labels_path' both have, and that names a row in each: equal texts "
             "match",
     .unset = "nothing is joined"},
    {.name = "format",
     DATA(format, text),
     .argument = "FORMAT",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "file",
     .help = "the file's format",
     .unset = "found out from the content"},
    {.name = "delimiter",
     DATA(delimiter, text),
     .argument = "CHARACTER",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "file",
     .help = "what separates the columns: one character, or tab",
     .unset = "found out from the path and the header"},
    {.name = "decimal",
     DATA(decimal, text),
     .argument = "CHARACTER",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "file",
     .help = "the decimal mark of numbers: . or ,",
     .unset = "."},
    {.name = "missing",
     DATA(missing, choice),
     .choices = missing_choices,
     .argument = "WHAT",
     .weaker = MLG_WEAKER_HIGHER,
     .group = "file",
     .help =
         "whether a row with a missing value in a needed column, or a label of 'labels_path' without a "
         "prediction, is an error or is dropped, and counted in every slice; missing is an empty value, and "
         "the text NA, nan or null (these two in any case)"},
    {.name = "max_missing",
     DATA(max_missing, share),
     .minimum = 0,
     .maximum = 1,
     .argument = "SHARE",
     .weaker = MLG_WEAKER_HIGHER,
     .group = "file",
     .help = "the largest share of rows that may be dropped, labels without a prediction among them, of the "
             "whole table and of every slice and group; one row of a slice that keeps others always may"},
    {.name = "allow_constant",
     DATA(allow_constant, boolean),
     .argument = "BOOLEAN",
     .weaker = MLG_WEAKER_HIGHER,
     .group = "file",
     .help = "whether predictions or scores may be the same on every row"},
    {.name = "label",
     DATA(label, text),
     .argument = "COLUMN",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "roles",
     .help = "the column of true labels; where all labels and predictions are numbers, 1, 1.0 and \"1\" are "
             "one label, and none may be inf",
     .unset = "no labels"},
    {.name = "prediction",
     DATA(prediction, text),
     .argument = "COLUMN",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "roles",
     .help = "the column of predicted labels or numbers",
     .unset = "made from the scores"},
    {.name = "score",
     DATA(score, column_or_map),
     .argument = "COLUMN",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "roles",
     .help = "the column of scores of the positive class, or one per class as CLASS=COLUMN",
     .unset = "no scores"},
    {.name = "score_prefix",
     DATA(score_prefix, text),
     .argument = "TEXT",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "roles",
     .help = "what the names of the score columns begin with, the class behind it",
     .unset = "no scores"},
    {.name = "weight",
     DATA(weight, text),
     .argument = "COLUMN",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "roles",
     .help = "the column of row weights",
     .unset = "every row weighs 1"},
    {.name = "id",
     DATA(id, text),
     .argument = "COLUMN",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "roles",
     .help = "the column that names a row; delta(METRIC) pairs the rows of two sources by it",
     .unset = "rows have no names, and nothing pairs them"},
    {.name = "cluster",
     DATA(cluster, text),
     .argument = "COLUMN",
     .weaker = MLG_WEAKER_FEWER,
     .group = "roles",
     .help = "the column that says which rows belong together, for wider intervals",
     .unset = "rows are independent"},
    {.name = "time",
     DATA(time, text),
     .argument = "COLUMN",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "roles",
     .help = "the column of times",
     .unset = "no times"},
    {.name = "query",
     DATA(query, text),
     .argument = "COLUMN",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "roles",
     .help = "the column that says which rows are ranked together",
     .unset = "no queries"},
    {.name = "fold",
     DATA(fold, text),
     .argument = "COLUMN",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "roles",
     .help = "the column of the folds of a cross-validation, which the gate overfit compares",
     .unset = "no folds"},
    {.name = "link",
     DATA(link, choice),
     .choices = link_choices,
     .argument = "LINK",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "roles",
     .help = "what turns the scores into probabilities; none where they are"},
    {.name = "labels",
     DATA(labels, texts),
     .argument = "CLASS",
     .weaker = MLG_WEAKER_FEWER_OR_OTHER,
     .group = "roles",
     .help = "all classes there are",
     .unset = "those that the data hold"},
    {.name = "threshold",
     DATA(threshold, number),
     .argument = "NUMBER",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "roles",
     .help = "a score from here on, after 'link', predicts the positive class, where no prediction is given"},
    {.name = "positive",
     DATA(positive, text),
     .argument = "CLASS",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "roles",
     .help = "the positive class",
     .unset = "1 or true, where the classes are 0 and 1, -1 and 1, or false and true"},
    {.name = "because",
     DATA(because, text),
     .argument = "TEXT",
     .weaker = MLG_WEAKER_NONE,
     .group = "file",
     .help = "why a value of this source asks for less than it did; 'mlgate loosened' looks for it",
     .unset = "no reason is given",
     .not_a_flag = true},
    {0}};

/* ---- gates ----------------------------------------------------------------------------------------- */

const struct mlg_gate_config mlg_gate_config_defaults = {.settings = SETTINGS_VALUES};

#define GATE(field, kind) MLG_FIELD(struct mlg_gate_config, field, kind)

const struct mlg_param mlg_gate_params[] = {
    {.name = "gate",
     GATE(gate_word, text),
     .required = true,
     .argument = "KIND",
     .weaker = MLG_WEAKER_NONE,
     .group = "gate",
     .help = "the kind of gate",
     .not_a_flag = true},
    {.name = "name",
     GATE(name, text),
     .argument = "TEXT",
     .weaker = MLG_WEAKER_NONE,
     .group = "gate",
     .help = "the gate's name in reports",
     .unset = "its kind"},
    {.name = "data",
     GATE(data, text),
     .argument = "PATH",
     .weaker = MLG_WEAKER_CHANGED,
     .group = "gate",
     .help = "the data source that is judged",
     .unset = "the only one there is"},
    {.name = "slices",
     GATE(slices, slices),
     .argument = "SLICE",
     .weaker = MLG_WEAKER_FEWER,
     .group = "gate",
     .help = "the subsets of rows that every check runs on besides all rows: columns, crosses, comparisons",
     .unset = "all rows alone"},
    {.name = "checks",
     GATE(checks, checks),
     .argument = "CHECK",
     .weaker = MLG_WEAKER_APART,
     .group = "gate",
     .help = "what must hold, such as 'roc_auc >= 0.85'; a quantity without limit is reported only"},
    SETTINGS_ROWS(struct mlg_gate_config, settings.),
    {0}};
_Static_assert(sizeof mlg_gate_params / sizeof *mlg_gate_params ==
                   MLG_GATE_SETTINGS_ROW + MLG_SETTINGS_COUNT + 1,
               "the settings do not end the rows of a gate");

/* ---- waivers --------------------------------------------------------------------------------------- */

#define WAIVER(field) MLG_FIELD(struct mlg_waiver, field, text)

const struct mlg_param mlg_waiver_params[] = {
    {.name = "check",
     WAIVER(check),
     .required = true,
     .argument = "ID",
     .weaker = MLG_WEAKER_NONE,
     .group = "waiver",
     .help = "the id of the check that is waived, as in results.json"},
    {.name = "reason",
     WAIVER(reason),
     .required = true,
     .argument = "TEXT",
     .weaker = MLG_WEAKER_NONE,
     .group = "waiver",
     .help = "why"},
    {.name = "owner",
     WAIVER(owner),
     .required = true,
     .argument = "TEXT",
     .weaker = MLG_WEAKER_NONE,
     .group = "waiver",
     .help = "who answers for it"},
    {.name = "expires",
     WAIVER(expires),
     .required = true,
     .argument = "DATE",
     .weaker = MLG_WEAKER_HIGHER,
     .group = "waiver",
     .help = "the last day on which it holds, as 2027-01-31"},
    {0}};

bool mlg_value_is_unset(const struct mlg_param *row, const void *object)
{
    const void *field = (const char *)object + row->offset;
    if (row->kind == &mlg_kind_text)
        return *(const char *const *)field == NULL;
    if (row->kind == &mlg_kind_texts)
        return ((const struct mlg_texts *)field)->count == 0;
    if (row->kind == &mlg_kind_map)
        return ((const struct mlg_map *)field)->count == 0;
    if (row->kind == &mlg_kind_column_or_map)
        return !((const struct mlg_column_or_map *)field)->column &&
               ((const struct mlg_column_or_map *)field)->map.count == 0;
    if (row->kind == &mlg_kind_slices || row->kind == &mlg_kind_attributes)
        return ((const struct mlg_slicings *)field)->count == 0;
    if (row->kind == &mlg_kind_bins)
        return ((const struct mlg_bins *)field)->count == 0;
    if (row->kind == &mlg_kind_exclusions)
        return ((const struct mlg_exclusions *)field)->count == 0;
    if (row->kind == &mlg_kind_checks)
        return ((const struct mlg_checks *)field)->count == 0;
    if (row->kind == &mlg_kind_number || row->kind == &mlg_kind_share)
        return isnan(*(const double *)field) != 0;
    return false;
}
