/* suite: one mlgate.yaml, read, with defaults filled in and every value's origin known.
 *
 * Always true: a suite is immutable after loading and lives in its arena, its nodes too; settings are
 * inherited suite -> gate -> check at load time, so a check's settings are final; every array has
 * `count` items; nothing here has looked at any data.
 */
#ifndef MLGATE_SUITE_H
#define MLGATE_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/arena.h"
#include "mlgate/check.h"
#include "mlgate/error.h"
#include "mlgate/node.h"
#include "mlgate/param.h"
#include "mlgate/world.h"

struct mlg_gate; /* gate.h */

/* ---- slices ---------------------------------------------------------------------------------- */

enum { MLG_CROSS_COLUMNS = 4 };

/* One entry of `slices`: a partition of the rows (by the values of one to four columns) or one
 * comparison. `sex` | `sex*race` | `age < 25` | sex: [Male, Female] */
struct mlg_slicing {
    const char *written; /* "sex*race" */
    const char *columns[MLG_CROSS_COLUMNS];
    size_t column_count; /* 0: all rows; comparisons have 1 */
    bool is_comparison;
    enum mlg_comparator comparator; /* comparison: <, <=, >, >=, or with `equal` = */
    struct mlg_decimal bound;
    const struct mlg_bin *bins[MLG_CROSS_COLUMNS]; /* cuts of a column; NULL: its values as they are */
    const char **declared;       /* values that must have rows, and the only ones shown: of a cross
                                    (of `attributes` alone) one after the other, column by column */
    size_t declared_count;       /* 0: every value present */
    const struct mlg_node *node; /* where it was written */
    const char *of;              /* what its columns are for, in sentences; NULL: slices */
};

struct mlg_slicings {
    struct mlg_slicing *items;
    size_t count;
};
extern const struct mlg_kind mlg_kind_slices; /* struct mlg_slicings */
#define MLG_TYPE_slices struct mlg_slicings
/* The same without comparisons, and with groups of crosses that may be declared. */
extern const struct mlg_kind mlg_kind_attributes; /* struct mlg_slicings */
#define MLG_TYPE_attributes struct mlg_slicings

/* Reads one entry written as text. False: told at `node`. */
bool mlg_slicing_parse(const char *text, struct mlg_slicing *slicing, const struct mlg_node *node,
                       struct mlg_arena *arena, struct mlg_diagnostics *list);

/* The name of one slice: "sex=Male, race=Black", "age < 25". Values that could be read in another way stand
 * in quotes with escapes, so that no two slices of a gate share a name; NULL is "(missing)". */
void mlg_put_slice_name(struct mlg_builder *out, const char *const *columns, const char *const *values,
                        size_t count, bool is_comparison);

/* One entry of `on`: all rows, an entry of `slices` (all its slices), or the name of one slice. */
struct mlg_on {
    const char *written;
    bool all;
    const char *columns[MLG_CROSS_COLUMNS];
    const char *values[MLG_CROSS_COLUMNS]; /* NULL: missing */
    size_t column_count;
    bool has_values; /* one slice */
    bool is_comparison;
    enum mlg_comparator comparator;
    struct mlg_decimal bound;
};
/* False: it can name no slice, or there is no memory. */
bool mlg_on_parse(const char *text, struct mlg_on *on, struct mlg_arena *arena);
/* Does it name the slicing (NULL: all rows), or a slice that the slicing may have? */
bool mlg_on_fits(const struct mlg_on *on, const struct mlg_slicing *slicing);
/* Does it name this slice of the slicing? */
bool mlg_on_covers(const struct mlg_on *on, const struct mlg_slicing *slicing, const char *const *values);

/* ---- groups ------------------------------------------------------------------------------------ */

/* `bins: {age: [25, 45, 65]}`: a column of numbers becomes groups, [25, 45) and so on; cuts rise. */
struct mlg_bin {
    const char *column;
    double *cuts;
    size_t count;
    const char **names; /* [count + 1]: "under 25", "25 to under 45", "45 and over" */
};
struct mlg_bins {
    struct mlg_bin *items;
    size_t count;
};
extern const struct mlg_kind mlg_kind_bins; /* struct mlg_bins */
#define MLG_TYPE_bins struct mlg_bins

/* `exclude: [{group: {race: Other}, reason: TEXT}]`: every group that has all these values is left out. */
struct mlg_exclusion {
    struct mlg_map group;
    const char *reason;
    const struct mlg_node *node;
};
struct mlg_exclusions {
    struct mlg_exclusion *items;
    size_t count;
};
extern const struct mlg_kind mlg_kind_exclusions; /* struct mlg_exclusions */
#define MLG_TYPE_exclusions struct mlg_exclusions

/* ---- settings that suite, gate and check share ------------------------------------------------ */

enum mlg_decide { MLG_DECIDE_INTERVAL, MLG_DECIDE_POINT };
enum mlg_on_inconclusive { MLG_BLOCK, MLG_WARN };
enum mlg_family { MLG_FAMILY_NONE, MLG_FAMILY_HOLM };

/* `interval:` as written; the judging organ maps it to a method (interval.h). Index into the choices
 * of its row: auto, wilson, clopper_pearson, jeffreys, t, delta, delong, delong_logit, linearised, order. */
struct mlg_settings {
    double confidence;   /* one-sided, in (0.5, 1) */
    int decide;          /* enum mlg_decide */
    int on_inconclusive; /* enum mlg_on_inconclusive */
    bool enforce;
    struct mlg_texts on; /* slices the check runs on: "all", "sex", "sex=Male"; count 0: all */
    const char *because;
    int64_t min_rows;
    int interval;
    bool in_family; /* of a suite with family: holm; no row of its own */
};
/* The rows of mlg_settings in gates and checks; the first three are also keys of the suite. */
extern const struct mlg_param mlg_settings_params[];
enum { MLG_SETTINGS_COUNT = 8 };
extern const struct mlg_settings mlg_settings_defaults;

/* ---- data ------------------------------------------------------------------------------------ */

enum mlg_missing { MLG_MISSING_ERROR, MLG_MISSING_DROP };
enum mlg_link { MLG_LINK_NONE, MLG_LINK_LOGIT, MLG_LINK_SOFTMAX };

/* data.NAME. Column roles are names; NULL: not given. */
struct mlg_data {
    const char *name;
    const char *path;
    const char *labels_path, *join; /* labels in a file of their own, matched by a column; both or neither */
    const char *format;             /* NULL: found out from the content */
    const char *delimiter;          /* one byte, or "tab"; NULL: found out from the name and the header */
    const char *decimal;            /* "." or "," */
    int missing;                    /* enum mlg_missing */
    double max_missing;
    bool allow_constant;
    const char *label, *prediction, *score_prefix, *weight, *id, *cluster, *time, *query, *fold;
    struct mlg_column_or_map score;
    int link; /* enum mlg_link */
    struct mlg_texts labels;
    double threshold;
    const char *positive;
    const char *because;        /* why it asks for less than it did */
    bool has_mistakes;          /* which are told; its roles are not known for sure */
    bool from_flags;            /* there is no mlgate.yaml: sentences name options as flags */
    struct mlg_origin *origins; /* one per row of mlg_data_params */
    const struct mlg_node *node;
};
/* An option of a source as its user writes it, for sentences: 'id: COLUMN' or --id COLUMN; without a value
 * 'id' or --id. */
struct mlg_option_text {
    char text[200];
};
struct mlg_option_text mlg_option_name(bool from_flags, const char *key, const char *value);
struct mlg_option_text mlg_data_option(const struct mlg_data *data, const char *key, const char *value);
/* Is it a column of scores, however they are named? */
bool mlg_data_is_score(const struct mlg_data *data, const char *column);
static inline char mlg_data_decimal(const struct mlg_data *data)
{
    return data->decimal ? data->decimal[0] : '.';
}
/* Where that stands: " under data.test", or nothing for flags. */
struct mlg_option_text mlg_data_where(const struct mlg_data *data);
extern const struct mlg_param mlg_data_params[];
extern const struct mlg_data mlg_data_defaults;

/* ---- gates ----------------------------------------------------------------------------------- */

struct mlg_check_config {
    struct mlg_check check;
    struct mlg_settings settings;
    struct mlg_origin origins[MLG_SETTINGS_COUNT];
    const struct mlg_node *node; /* where the check's text stands */
};

struct mlg_checks {
    struct mlg_check_config *items;
    size_t count;
};
extern const struct mlg_kind mlg_kind_checks; /* struct mlg_checks */
#define MLG_TYPE_checks struct mlg_checks

/* A diagnostic at byte `offset` of config->check.written (its name_offset, limit_offset, an argument's
 * offset, or error->place.column - 1 of mlg_call_resolve), with the word that stands there underlined. */
void mlg_check_diagnose(struct mlg_diagnostics *list, enum mlg_severity severity,
                        const struct mlg_check_config *config, size_t offset, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* What every gate has. `options` is the gate's own struct (gate->params). */
struct mlg_gate_config {
    const struct mlg_gate *gate;
    const char *gate_word; /* as written after `gate:` */
    const char *name;      /* unique within the suite */
    const char *data;      /* name of a data source */
    struct mlg_slicings slices;
    struct mlg_checks checks;
    struct mlg_settings settings;
    struct mlg_origin *origins; /* one per row of mlg_gate_params */
    void *options;
    struct mlg_origin *option_origins; /* one per row of gate->params */
    const struct mlg_node *node;
};
extern const struct mlg_param mlg_gate_params[]; /* gate name data slices checks + settings */
extern const struct mlg_gate_config mlg_gate_config_defaults;

/* For a gate's expand: a check as if it had been written at `node`, unless one with that text is there
 * already; that this one asks for less is a mistake, told in `list`. `enforce` (false: unless the gate asks
 * for it) and `because` (may be NULL) are its settings. NULL: it is there, or no memory. */
struct mlg_check_config *mlg_gate_add_check(struct mlg_gate_config *config, const char *text, bool enforce,
                                            const char *because, const struct mlg_node *node,
                                            struct mlg_arena *arena, struct mlg_diagnostics *list);

/* Is the value of a key (a row of mlg_gate_params or of the gate's own) missing by a mistake that is told:
 * could it not be read, does its name stand there misspelt, or did the reading end before it? Then what its
 * lack leads to is no mistake of its own. */
bool mlg_gate_key_is_lost(const struct mlg_gate_config *config, const char *key);
struct mlg_waiver {
    const char *check; /* a check's id, as in results.json */
    const char *reason, *owner;
    const char *expires; /* YYYY-MM-DD, the last day it holds (UTC) */
    const struct mlg_node *node;
};
extern const struct mlg_param mlg_waiver_params[];

struct mlg_suite {
    const char *path; /* of mlgate.yaml; NULL when made from flags */
    char sha256[65];  /* of its bytes; "" when made from flags */
    int64_t version;
    struct mlg_settings settings;
    int family;
    int64_t threads; /* 0: the processors that the process may use */
    int64_t seed;
    int64_t max_slices;       /* cap on slices per gate */
    struct mlg_map reports;   /* KIND -> PATH */
    struct mlg_texts written; /* all files that this run writes, seen from where it is started */
    const char *because;      /* why something at the top level asks for less than it did */
    struct mlg_data *data;
    size_t data_count;
    struct mlg_gate_config *gates;
    size_t gate_count;
    struct mlg_waiver *waivers;
    size_t waiver_count;
    const char *waivers_path;            /* as written; NULL: they stand in mlgate.yaml */
    const struct mlg_node *waivers_node; /* the list, in mlgate.yaml or a file of its own; NULL: none */
    struct mlg_origin *origins;          /* one per row of mlg_suite_params */
    const struct mlg_node *node;
};
extern const struct mlg_param mlg_suite_params[]; /* all keys but data, gates and waivers */
extern const struct mlg_suite mlg_suite_defaults;
/* More of anything is a mistake: it keeps loading linear and reports readable. */
enum {
    MLG_SUITE_DATA = 1000,
    MLG_SUITE_GATES = 1000,
    MLG_GATE_CHECKS = 1000,
    MLG_GATE_SLICINGS = 1000,
    MLG_MAP_ENTRIES = 10000 /* of `labels`, `score` and other maps */
};

/* ---- loading --------------------------------------------------------------------------------- */

/* YAML text to a node tree. One document, no duplicate keys, aliases expanded up to a stated number of
 * nodes (MLG_YAML_NODES) and depth (MLG_YAML_DEPTH). NULL when the text is no YAML: told in `list`;
 * where it can, it goes on and tells several mistakes. `path` is used in places. */
enum { MLG_YAML_NODES = 100000, MLG_YAML_DEPTH = 32, MLG_YAML_SIZE = 1024 * 1024 };
const struct mlg_node *mlg_yaml_parse(const char *path, const char *bytes, size_t size,
                                      struct mlg_arena *arena, struct mlg_diagnostics *list);
/* Of a text that mlg_yaml_parse refuses, what stands before the mistake that ended the reading; tells
 * nothing. For what must be known even then: which reports there may be, which files must not be overwritten.
 * NULL: nothing is known. What was open there is marked (is_cut, is_unsure), so that mlg_suite_load tells the
 * mistakes before the end and no others. Unlike elsewhere, a key may stand twice in a map. */
const struct mlg_node *mlg_yaml_salvage(const char *path, const char *bytes, size_t size,
                                        struct mlg_arena *arena);
/* Of such a text the keys at the margin with their values, each section of lines read on its own, also behind
 * the mistake; those that cannot be read are left out, and beyond the first 64 the rest. A key may stand
 * twice. NULL: no memory. */
const struct mlg_node *mlg_yaml_sections(const char *path, const char *bytes, size_t size,
                                         struct mlg_arena *arena);

/* Node tree to suite. `gates` is the NULL-terminated table of known gates; `world` (may be NULL) gives
 * the environment; `flags` are nodes with flag origins, keyed by suite rows. All mistakes are told;
 * NULL when there was an error. Gates get the chance to refuse options and checks (gate->check). */
struct mlg_flag {
    const char *name; /* row name */
    const struct mlg_node *node;
};
struct mlg_suite *mlg_suite_load(const struct mlg_node *root, const char *path,
                                 const struct mlg_gate *const *gates, const struct mlg_world *world,
                                 const struct mlg_flag *flags, size_t flag_count, struct mlg_arena *arena,
                                 struct mlg_diagnostics *list);

/* The value of a row in the environment (MLGATE_<NAME>); NULL where unset, empty, or `world` is NULL. */
const struct mlg_node *mlg_environment_node(const struct mlg_world *world, const char *row,
                                            struct mlg_arena *arena);

/* The suite of one executable without mlgate.yaml: one data source, one gate, from flags and
 * environment (rows of the data table, the gate, the settings and the suite). */
struct mlg_suite *mlg_suite_from_flags(const struct mlg_gate *gate, const struct mlg_world *world,
                                       const struct mlg_flag *flags, size_t flag_count,
                                       struct mlg_arena *arena, struct mlg_diagnostics *list);

/* A path written in mlgate.yaml is relative to its directory, wherever mlgate is started; NULL: no memory.
 * `suite_path` NULL: there is no mlgate.yaml. */
const char *mlg_suite_resolve_path(const char *suite_path, const char *path, struct mlg_arena *arena);
const struct mlg_data *mlg_suite_data(const struct mlg_suite *suite, const char *name);
/* The name under `data` that may be meant by one that is not there; NULL: none. */
const char *mlg_suite_nearest_data(const struct mlg_suite *suite, const char *name, struct mlg_arena *arena);
/* Are all names under `data` known? Else a name that is none of them is no mistake. */
bool mlg_suite_knows_data(const struct mlg_suite *suite);
/* What the environment set, and beside a configuration what flags did, save what changes no verdict (threads,
 * reports): names (MLGATE_DECIDE, --decide) and values, variables first, each sorted by name. False: no
 * memory. */
bool mlg_suite_outside(const struct mlg_suite *suite, const struct mlg_world *world, struct mlg_arena *arena,
                       struct mlg_map *outside);
/* Writes the whole suite with every default filled in, as YAML, each line with "# origin" behind it. */
void mlg_suite_expand(const struct mlg_suite *suite, struct mlg_builder *out);

#endif
