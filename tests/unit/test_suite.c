/* The suite: what mlgate.yaml, environment and flags come to, and what is said about mistakes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlgate/gate.h"
#include "named_rows.h"

/* ---- two gates -------------------------------------------------------------------------------- */

struct overfit_options {
    const char *train;
    int64_t features;
};
static const struct mlg_param overfit_params[] = {
    {.name = "train", MLG_FIELD(struct overfit_options, train, text), .required = true},
    {.name = "features", MLG_FIELD(struct overfit_options, features, integer), .minimum = 1, .maximum = 9},
    {0}};
static const struct overfit_options overfit_defaults = {.features = 3};

/* Judges as a real gate does: inside the text of a check. */
static void accuracy_check(const struct mlg_gate_config *config, const struct mlg_suite *suite,
                           struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    (void)suite;
    (void)arena;
    for (size_t i = 0; i < config->checks.count; i++) {
        const struct mlg_check_config *item = &config->checks.items[i];
        if (strcmp(item->check.name, "roc_auk") == 0)
            mlg_check_diagnose(list, MLG_ERROR, item, item->check.name_offset, "unknown quantity '%s'",
                               item->check.name);
        if (item->check.comparator != MLG_NO_COMPARATOR && item->check.limit.value > 1)
            mlg_check_diagnose(list, MLG_WARNING, item, item->check.limit_offset, "this limit is high");
    }
}

static const struct mlg_gate accuracy = {.name = "accuracy", .check = accuracy_check};
static const struct mlg_gate overfit = {.name = "overfit",
                                        .params = overfit_params,
                                        .options_size = sizeof(struct overfit_options),
                                        .defaults = &overfit_defaults};
static const struct mlg_gate *const gates[] = {&accuracy, &overfit, NULL};

/* ---- an environment ---------------------------------------------------------------------------- */

/* "NAME", "value", ..., NULL */
static const char *environment_of(void *self, const char *name)
{
    for (const char *const *pair = self; *pair; pair += 2)
        if (strcmp(*pair, name) == 0)
            return pair[1];
    return NULL;
}

static struct mlg_world world_of(const char *const *pairs)
{
    return (struct mlg_world){.self = (void *)(uintptr_t)pairs, .environment = environment_of};
}

/* Flags as the executables make them: a node that knows its flag. */
enum { FLAGS = 16 };
struct flags {
    struct mlg_flag items[FLAGS];
    struct mlg_node nodes[FLAGS];
    char names[FLAGS][32];
    size_t count;
};

static void make_flags(struct flags *flags, const char *const *pairs)
{
    for (flags->count = 0; pairs && pairs[2 * flags->count]; flags->count++) {
        const char *name = pairs[2 * flags->count], *value = pairs[2 * flags->count + 1];
        struct mlg_node *node = &flags->nodes[flags->count];
        assert_true(flags->count < FLAGS);
        snprintf(flags->names[flags->count], sizeof *flags->names, "--%s", name);
        *node = (struct mlg_node){.type = MLG_NODE_SCALAR,
                                  .text = value,
                                  .size = strlen(value),
                                  .origin = {.type = MLG_FROM_FLAG, .name = flags->names[flags->count]}};
        flags->items[flags->count] = (struct mlg_flag){.name = name, .node = node};
    }
}

/* ---- loading ------------------------------------------------------------------------------------ */

struct loaded {
    struct mlg_arena arena;
    struct mlg_diagnostics list;
    const struct mlg_suite *suite;
    struct flags flags;
};

static void load(struct loaded *loaded, const char *text, const char *const *environment,
                 const char *const *flags)
{
    static const char *const nothing[] = {NULL};
    const struct mlg_world world = world_of(environment ? environment : nothing);
    const struct mlg_node *root;

    mlg_arena_init(&loaded->arena, 0);
    mlg_diagnostics_init(&loaded->list, &loaded->arena);
    make_flags(&loaded->flags, flags);
    loaded->suite = NULL;
    root = mlg_yaml_parse("mlgate.yaml", text, strlen(text), &loaded->arena, &loaded->list);
    if (!root)
        root = mlg_yaml_salvage("mlgate.yaml", text, strlen(text), &loaded->arena);
    if (root)
        loaded->suite = mlg_suite_load(root, "mlgate.yaml", gates, &world, loaded->flags.items,
                                       loaded->flags.count, &loaded->arena, &loaded->list);
}

static void make(struct loaded *loaded, const struct mlg_gate *gate, const char *const *environment,
                 const char *const *flags)
{
    static const char *const nothing[] = {NULL};
    const struct mlg_world world = world_of(environment ? environment : nothing);

    mlg_arena_init(&loaded->arena, 0);
    mlg_diagnostics_init(&loaded->list, &loaded->arena);
    make_flags(&loaded->flags, flags);
    loaded->suite = mlg_suite_from_flags(gate, &world, loaded->flags.items, loaded->flags.count,
                                         &loaded->arena, &loaded->list);
}

static void unload(struct loaded *loaded)
{
    mlg_arena_free(&loaded->arena);
}

/* Every diagnostic as "line:column [what the caret underlines] sentence". */
static void put_told(const struct mlg_diagnostics *list, struct mlg_builder *out)
{
    mlg_builder_init(out, 0);
    for (size_t i = 0; i < list->count; i++) {
        const struct mlg_diagnostic *item = &list->items[i];
        if (item->quote)
            mlg_put_format(out, "%lu:%u [%.*s] ", item->place.line, item->place.column, (int)item->width,
                           item->quote + item->place.column - 1);
        mlg_put_format(out, "%s%s\n", item->severity == MLG_WARNING ? "warning: " : "", item->text);
    }
    assert_false(out->failed);
}

static void expect_told(const struct loaded *loaded, const char *expected)
{
    struct mlg_builder text;
    put_told(&loaded->list, &text);
    assert_string_equal(text.data, expected);
    assert_true((loaded->suite != NULL) == (loaded->list.errors == 0));
    mlg_builder_free(&text);
}

static void expect_suite(const struct loaded *loaded)
{
    if (!loaded->suite)
        fail_msg("%s", loaded->list.count ? loaded->list.items[0].text : "no suite and nothing told");
}

static char *expand(const struct mlg_suite *suite)
{
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    mlg_suite_expand(suite, &out);
    assert_false(out.failed);
    return out.data;
}

/* ---- mistakes ----------------------------------------------------------------------------------- */

#define VERSION "version: 1\n"
#define DATA "data: {test: {path: t.csv, label: y, prediction: p}}\n"
#define GATES "gates: [{gate: accuracy, checks: [f1 >= 0.7]}]\n"
/* Lines 1 to 5; the check is line 6. */
#define CHECK VERSION DATA "gates:\n  - gate: accuracy\n    checks:\n"

static const struct mistake {
    const char *name, *text, *told;
} mistakes[] = {
    {"a suite without mistakes", VERSION DATA GATES, ""},
    {"five mistakes in one file are five sentences",
     "version: 2\n"
     "data:\n"
     "  test: {path: test.csv, lable: income, score: probability}\n"
     "confidence: 95\n"
     "gates:\n"
     "  - gate: acuracy\n"
     "    data: test\n"
     "    checks: [roc_auc >= 0.85]\n"
     "  - gate: accuracy\n"
     "    data: test\n"
     "    checks:\n"
     "      - roc_auk >= 0.85\n",
     "1:10 [2] version 2 is unknown to this mlgate; it reads version 1\n"
     "3:26 [lable] unknown key 'lable' in data.test; did you mean 'label'?\n"
     "4:13 [95] '95' is out of range; 'confidence' takes a share such as 0.95 or 95%, above 0.5 and below 1\n"
     "6:11 [acuracy] unknown gate 'acuracy'; did you mean 'accuracy'?\n"
     "12:9 [roc_auk] unknown quantity 'roc_auk'\n"},
    {"a suite is no list", "- a\n",
     "1:1 [-] unexpected list; a suite is a map that begins with 'version: 1'\n"},
    {"a suite is no text", "hello\n",
     "1:1 [hello] unexpected text; a suite is a map that begins with 'version: 1'\n"},
    {"the version is missing", DATA GATES,
     "'version' is missing in the suite; 'version' takes a whole number\n"},
    {"a version that is unknown",
     "version: 2\n"
     "data: {test: {path: t.csv, label: y, prediction: p}}\n" GATES,
     "1:10 [2] version 2 is unknown to this mlgate; it reads version 1\n"},
    {"a version that is no number",
     "version: one\n"
     "data: {test: {path: t.csv, label: y, prediction: p}}\n" GATES,
     "1:10 [one] 'one' is not a whole number; 'version' takes a whole number\n"},
    {"a version without a value",
     "version:\n"
     "data: {test: {path: t.csv, label: y, prediction: p}}\n" GATES,
     "1:1 [version] 'version' has no value; 'version' takes a whole number\n"},
    {"data are missing", VERSION GATES,
     "'data' is missing in the suite; it names the files, as in data: {test: {path: test.csv, label: LABEL, "
     "prediction: PREDICTION}}\n"},
    {"data without a value", VERSION "data:\n" GATES,
     "2:1 [data] unexpected empty value; 'data' takes a map of names, as in data: {test: {path: test.csv, "
     "label: LABEL, prediction: PREDICTION}}\n"},
    {"data that are a path", VERSION "data: t.csv\n" GATES,
     "2:7 [t.csv] unexpected text; 'data' takes a map of names, as in data: {test: {path: test.csv, label: "
     "LABEL, prediction: PREDICTION}}\n"},
    {"data without names", VERSION "data: {path: t.csv, label: y}\n" GATES,
     "2:8 [path] 'path' stands under a name that gates use, as in data: {test: {path: test.csv}}\n"
     "2:21 [label] 'label' stands under a name that gates use, as in data: {test: {path: test.csv}}\n"},
    {"a data source that is a path", VERSION "data: {test: t.csv}\n" GATES,
     "2:14 [t.csv] unexpected text; 'data.test' takes a map such as {path: test.csv, label: LABEL}\n"},
    {"a data source without a path", VERSION "data: {test: {label: y}}\n" GATES,
     "2:14 [{label: y}] 'path' is missing in data.test; 'path' takes a text\n"},
    {"gates are missing", VERSION DATA,
     "'gates' is missing in the suite; it says what must hold, as in gates: [{gate: accuracy, checks: "
     "[roc_auc >= 0.85]}]\n"},
    {"gates that are none", VERSION DATA "gates: []\n",
     "3:8 [[]] unexpected empty list; 'gates' takes a list, as in gates: [{gate: accuracy, checks: [roc_auc "
     ">= 0.85]}]\n"},
    {"gates that are a map", VERSION DATA "gates: {accuracy: {checks: [f1 >= 1]}}\n",
     "3:8 [{accuracy: {checks: [f1 >= 1]}}] unexpected map; 'gates' takes a list, as in gates: [{gate: "
     "accuracy, checks: [roc_auc >= 0.85]}]\n"},
    {"a gate that is a text", VERSION DATA "gates: [accuracy]\n",
     "3:9 [accuracy] unexpected text; a gate is a map, as in - {gate: accuracy, checks: [roc_auc >= "
     "0.85]}\n"},
    {"a gate that is nothing",
     VERSION DATA "gates:\n"
                  "  -\n",
     "4:4 [] unexpected empty value; a gate is a map, as in - {gate: accuracy, checks: [roc_auc >= 0.85]}\n"},
    {"an unknown key", VERSION DATA GATES "seeds: 1\n",
     "4:1 [seeds] unknown key 'seeds' in the suite; did you mean 'seed'?\n"},
    {"an unknown key that resembles nothing", VERSION DATA GATES "policy: strict\n",
     "4:1 [policy] unknown key 'policy' in the suite; known are version, confidence, decide, "
     "on_inconclusive, family, threads, seed, max_slices, reports, because, data, gates, waivers\n"},
    {"a key of data at the top", VERSION DATA GATES "label: y\n",
     "4:1 [label] 'label' does not belong in the suite; it stands under data.NAME\n"},
    {"a key of gates at the top", VERSION DATA GATES "checks: [f1 >= 1]\n",
     "4:1 [checks] 'checks' does not belong in the suite; it stands in an entry of 'gates'\n"},
    {"a key of waivers at the top", VERSION DATA GATES "owner: me\n",
     "4:1 [owner] 'owner' does not belong in the suite; it stands in an entry of 'waivers'\n"},
    {"a key of the suite in a gate",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    threads: 2\n",
     "6:5 [threads] 'threads' does not belong in gate 'accuracy'; it stands at the top level\n"},
    {"a key of data in a gate",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    positive: 1\n",
     "6:5 [positive] 'positive' does not belong in gate 'accuracy'; it stands under data.NAME\n"},
    {"a key of gates in data",
     VERSION "data:\n"
             "  test: {path: t.csv, slices: [sex]}\n" GATES,
     "3:23 [slices] 'slices' does not belong in data.test; it stands in an entry of 'gates'\n"},
    {"one check where the gate has a list of them",
     VERSION "data: {test: {path: t.csv, label: y, score: s}}\n"
             "gates:\n"
             "  - gate: accuracy\n"
             "    check: f1 >= 0.7\n"
             "    checks: [f1 >= 0.8]\n",
     "5:5 [check] unknown key 'check' in gate 'accuracy'; did you mean 'checks'?\n"},
    {"a key of gates in a check", CHECK "      - {check: f1 >= 0.7, slices: [sex]}\n",
     "6:28 [slices] 'slices' does not belong in a check; it stands in an entry of 'gates'\n"},
    {"a misspelt key in data",
     VERSION "data:\n"
             "  test: {path: t.csv, waight: w}\n" GATES,
     "3:23 [waight] unknown key 'waight' in data.test; did you mean 'weight'?\n"},
    {"a misspelt key in a gate",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    enforced: false\n",
     "6:5 [enforced] unknown key 'enforced' in gate 'accuracy'; did you mean 'enforce'?\n"},
    {"a misspelt key in a check", CHECK "      - {check: f1 >= 0.7, becaus: x}\n",
     "6:28 [becaus] unknown key 'becaus' in a check; did you mean 'because'?\n"},
    {"a key of one gate in another",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    train: test\n",
     "6:5 [train] unknown key 'train' in gate 'accuracy'; known are gate, name, data, slices, checks, "
     "confidence, decide, on_inconclusive, enforce, on, because, min_rows, interval\n"},
    {"a share out of range", VERSION DATA GATES "confidence: 95\n",
     "4:13 [95] '95' is out of range; 'confidence' takes a share such as 0.95 or 95%, above 0.5 and below "
     "1\n"},
    {"a confidence of one half", VERSION DATA GATES "confidence: 0.5\n",
     "4:13 [0.5] '0.5' is out of range; 'confidence' takes a share such as 0.95 or 95%, above 0.5 and below "
     "1\n"},
    {"a word instead of a number", VERSION DATA GATES "threads: many\n",
     "4:10 [many] 'many' is not a whole number; 'threads' takes a whole number, at least 0 and at most "
     "4096\n"},
    {"a list instead of a number", VERSION DATA GATES "seed: [1]\n",
     "4:7 [[1]] unexpected list; 'seed' takes a whole number, at least 0 and at most 9007199254740992\n"},
    {"a choice that is unknown", VERSION DATA GATES "decide: points\n",
     "4:9 [points] unknown value 'points'; 'decide' takes one of interval or point; did you mean 'point'?\n"},
    {"a boolean that is a word",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    enforce: no\n",
     "6:14 [no] 'no' is neither true nor false; 'enforce' takes true or false\n"},
    {"a number of slices out of range", VERSION DATA GATES "max_slices: 0\n",
     "4:13 [0] '0' is out of range; 'max_slices' takes a whole number, at least 1 and at most 1000000\n"},
    {"an interval that is unknown",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    interval: wilso\n",
     "6:15 [wilso] unknown value 'wilso'; 'interval' takes one of auto, wilson, "
     "clopper_pearson, jeffreys, t, t_hall, delta, delong, delong_logit, linearised, order, newcombe, "
     "miettinen_nurminen, koopman or katz; did you mean "
     "'wilson'?\n"},
    {"reports that are a list", VERSION DATA GATES "reports: [junit]\n",
     "4:10 [[junit]] unexpected list; 'reports' takes a map of texts\n"},
    {"an unknown gate", VERSION DATA "gates: [{gate: acuracy, checks: [f1 >= 1]}]\n",
     "3:16 [acuracy] unknown gate 'acuracy'; did you mean 'accuracy'?\n"},
    {"an unknown gate that resembles none", VERSION DATA "gates: [{gate: fast, checks: [f1 >= 1]}]\n",
     "3:16 [fast] unknown gate 'fast'; known are accuracy, overfit\n"},
    {"a gate without its kind", VERSION DATA "gates: [{checks: [f1 >= 0.7]}]\n",
     "3:9 [{checks: [f1 >= 0.7]}] 'gate' is missing in a gate (of the kinds there are: accuracy, overfit); "
     "'gate' takes a text\n"},
    {"mistakes within an unknown gate",
     VERSION DATA "gates:\n"
                  "  - gate: fast\n"
                  "    speed: 1\n"
                  "    confidence: 2\n"
                  "    checks: [f1 => 1]\n",
     "4:11 [fast] unknown gate 'fast'; known are accuracy, overfit\n"
     "6:17 [2] '2' is out of range; 'confidence' takes a share such as 0.95 or 95%, above 0.5 and below 1\n"
     "7:17 [=>] '=>' is no comparator; write '>='\n"},
    {"mistakes within a misspelt gate are told as those of the gate that was meant",
     VERSION DATA "gates:\n"
                  "  - gate: acuracy\n"
                  "    slises: [sex]\n"
                  "    checks: [roc_auk >= 0.85]\n",
     "4:11 [acuracy] unknown gate 'acuracy'; did you mean 'accuracy'?\n"
     "5:5 [slises] unknown key 'slises' in gate 'accuracy'; did you mean 'slices'?\n"
     "6:14 [roc_auk] unknown quantity 'roc_auk'\n"},
    {"two gates of one kind without names",
     VERSION DATA "gates:\n"
                  "  - {gate: accuracy, checks: [f1 >= 0.7]}\n"
                  "  - {gate: accuracy, checks: [f1 >= 0.8]}\n",
     "5:5 [{gate: accuracy, checks: [f1 >= 0.8]}] a gate named 'accuracy' stands at line 4 already; give "
     "each its own 'name'\n"},
    {"two gates of one name",
     VERSION DATA "gates:\n"
                  "  - {gate: accuracy, name: a, checks: [f1 >= 0.7]}\n"
                  "  - {gate: accuracy, name: a, checks: [f1 >= 0.8]}\n",
     "5:28 [a] a gate named 'a' stands at line 4 already; give each its own 'name'\n"},
    {"a gate without checks", VERSION DATA "gates: [{gate: accuracy}]\n",
     "3:9 [{gate: accuracy}] gate 'accuracy' has no checks; add for example 'checks: [roc_auc >= 0.85]'\n"},
    {"a gate with an empty list of checks", VERSION DATA "gates: [{gate: accuracy, checks: []}]\n",
     "3:34 [[]] gate 'accuracy' has no checks; add for example 'checks: [roc_auc >= 0.85]'\n"},
    {"a gate with checks that are nothing", CHECK "",
     "5:5 [checks] 'checks' has no value; 'checks' takes a list of checks such as [roc_auc >= 0.85]\n"},
    {"an unknown data source",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    data: tset\n",
     "6:11 [tset] no data source is named 'tset'; did you mean 'test'?\n"},
    {"an unknown data source that resembles none",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    data: holdout\n",
     "6:11 [holdout] no data source is named 'holdout'; known are test\n"},
    {"a gate that does not say which data", VERSION "data: {a: {path: a}, b: {path: b}}\n" GATES,
     "3:9 [{gate: accuracy, checks: [f1 >= 0.7]}] 'data' is missing in gate 'accuracy'; it is one of a, b\n"},
    {"a gate's own option is missing", VERSION DATA "gates: [{gate: overfit, checks: [gap(f1) <= 1]}]\n",
     "3:9 [{gate: overfit, checks: [gap(f1) <= 1]}] 'train' is missing in gate 'overfit'; 'train' takes a "
     "text\n"},
    {"a gate's own option is out of range",
     VERSION DATA "gates: [{gate: overfit, train: test, features: 10, checks: [gap(f1) <= 1]}]\n",
     "3:48 [10] '10' is out of range; 'features' takes a whole number, at least 1 and at most 9\n"},
    {"an arrow instead of a comparator", CHECK "      - roc_auc => 0.85\n",
     "6:17 [=>] '=>' is no comparator; write '>='\n"},
    {"equality", CHECK "      - roc_auc == 0.9\n",
     "6:17 [==] '==' is no comparator; one of >=, <=, > and < is\n"},
    {"no comparator", CHECK "      - roc_auc 0.85\n",
     "6:17 [0.85] a comparator is missing before '0.85'; write for example 'roc_auc >= 0.85'\n"},
    {"a check in double quotes", CHECK "      - \"roc_auc >= x\"\n",
     "6:21 [x] 'x' is no number; a limit is one, such as 0.85, 85% or 1e-3\n"},
    {"a check in single quotes with quotes inside", CHECK "      - 'recall(class=''a'') >= x'\n",
     "6:33 [x] 'x' is no number; a limit is one, such as 0.85, 85% or 1e-3\n"},
    {"a check with an escape", CHECK "      - \"recall(class=\\\"a\\\") >= x\"\n",
     "6:33 [x] 'x' is no number; a limit is one, such as 0.85, 85% or 1e-3\n"},
    {"a check with an escape that hides the place", CHECK "      - \"recall(class='\\u00e9') >= x\"\n",
     "6:9 [\"recall(class='\\u00e9') >= x\"] 'x' is no number; a limit is one, such as 0.85, 85% or 1e-3\n"},
    {"a check over two lines",
     CHECK "      - f1\n"
           "        >= x\n",
     "6:9 [f1] 'x' is no number; a limit is one, such as 0.85, 85% or 1e-3\n"},
    {"a check in a block",
     CHECK "      - |\n"
           "        f1 >= x\n",
     "6:9 [|] 'x' is no number; a limit is one, such as 0.85, 85% or 1e-3\n"},
    {"a check in a flow list that holds a comma",
     VERSION DATA "gates: [{gate: accuracy, checks: [\"f1(a, b) >= 1\", f1(a, b) >= 1]}]\n",
     "3:56 [,] ')' is missing after the arguments of 'f1'; in a [list] a comma ends the item, so this check "
     "stands in quotes\n"
     "3:59 [)] ')' closes nothing; '(' is missing after 'b'\n"},
    {"a check in a map", CHECK "      - {check: f1 >= x, confidence: 0.9}\n",
     "6:23 [x] 'x' is no number; a limit is one, such as 0.85, 85% or 1e-3\n"},
    {"a check behind an anchor", CHECK "      - &c f1 >= x\n",
     "6:18 [x] 'x' is no number; a limit is one, such as 0.85, 85% or 1e-3\n"},
    {"a check that is a list", CHECK "      - [f1, 1]\n",
     "6:9 [[f1, 1]] unexpected list in 'checks'; a check is a text such as 'roc_auc >= 0.85', or a map such "
     "as {check: roc_auc >= 0.85, confidence: 0.99}\n"},
    {"a check that is nothing", CHECK "      -\n",
     "6:8 [] unexpected empty value in 'checks'; a check is a text such as 'roc_auc >= 0.85', or a map such "
     "as {check: roc_auc >= 0.85, confidence: 0.99}\n"},
    {"a check that is a map without its text", CHECK "      - {confidence: 0.9}\n",
     "6:9 [{confidence: 0.9}] 'check' is missing in a check; it is a text such as 'roc_auc >= 0.85'\n"},
    {"a check whose text is a list", CHECK "      - {check: [f1]}\n",
     "6:17 [[f1]] unexpected list; 'check' takes a text such as 'roc_auc >= 0.85'\n"},
    {"several mistakes in one check", CHECK "      - {check: f1 => 1, confidence: 2, enforce: maybe}\n",
     "6:20 [=>] '=>' is no comparator; write '>='\n"
     "6:38 [2] '2' is out of range; 'confidence' takes a share such as 0.95 or 95%, above 0.5 and below 1\n"
     "6:50 [maybe] 'maybe' is neither true nor false; 'enforce' takes true or false\n"},
    {"the gate tells where a check is wrong",
     CHECK "      - ' roc_auk >= 0.5'\n"
           "      - f1 >= 70\n",
     "6:11 [roc_auk] unknown quantity 'roc_auk'\n"
     "7:15 [70] warning: this limit is high\n"},
    {"a wrong check does not hide the mistakes of the others",
     CHECK "      - f1 => 1\n"
           "      - roc_auk >= 0.5\n",
     "6:12 [=>] '=>' is no comparator; write '>='\n"
     "7:9 [roc_auk] unknown quantity 'roc_auk'\n"},
    {"wrong data do not hide the mistakes of checks",
     VERSION "data: {test: {path: t.csv, lable: y}}\n"
             "gates: [{gate: accuracy, checks: [roc_auk >= 0.5]}]\n",
     "2:28 [lable] unknown key 'lable' in data.test; did you mean 'label'?\n"
     "3:35 [roc_auk] unknown quantity 'roc_auk'\n"},
    {"a wrong key of the gate does not hide the mistakes of its checks",
     VERSION DATA "gates: [{gate: accuracy, slice: [sex], checks: [roc_auk >= 0.5]}]\n",
     "3:26 [slice] unknown key 'slice' in gate 'accuracy'; did you mean 'slices'?\n"
     "3:49 [roc_auk] unknown quantity 'roc_auk'\n"},
    {"a wrong setting of the gate does not hide the mistakes of its checks",
     VERSION DATA "gates: [{gate: accuracy, min_rows: -3, checks: [roc_auk >= 0.5]}]\n",
     "3:36 [-3] '-3' is out of range; 'min_rows' takes a whole number, at least 0 and at most "
     "9007199254740992\n"
     "3:49 [roc_auk] unknown quantity 'roc_auk'\n"},
    {"unknown data do not hide the mistakes of checks",
     VERSION DATA "gates: [{gate: accuracy, data: tset, checks: [roc_auk >= 0.5]}]\n",
     "3:32 [tset] no data source is named 'tset'; did you mean 'test'?\n"
     "3:47 [roc_auk] unknown quantity 'roc_auk'\n"},
    {"a wrong key of a check does not hide what the gate says of the check",
     CHECK "      - {check: roc_auk >= 0.5, becaus: x}\n",
     "6:17 [roc_auk] unknown quantity 'roc_auk'\n"
     "6:33 [becaus] unknown key 'becaus' in a check; did you mean 'because'?\n"},
    {"a name that a mistake hides is not missing as well",
     VERSION "data: {a: {path: a.csv}, b: {path: b.csv}}\n"
             "gates: [{gate: accuracy, dat: a, chekcs: [f1 >= 0.5]}]\n",
     "3:26 [dat] unknown key 'dat' in gate 'accuracy'; did you mean 'data'?\n"
     "3:34 [chekcs] unknown key 'chekcs' in gate 'accuracy'; did you mean 'checks'?\n"},
    /* What YAML cannot read hides nothing that stands before. */
    {"a list that is never closed does not hide the mistakes before",
     VERSION "data: {test: {path: t.csv, lable: y}}\n"
             "gates:\n"
             "  - gate: accuracy\n"
             "    min_rows: -3\n"
             "    checks:\n"
             "      - roc_auk >= 0.5\n"
             "    slices: [sex\n",
     "2:28 [lable] unknown key 'lable' in data.test; did you mean 'label'?\n"
     "5:15 [-3] '-3' is out of range; 'min_rows' takes a whole number, at least 0 and at most "
     "9007199254740992\n"
     "7:9 [roc_auk] unknown quantity 'roc_auk'\n"
     "8:13 [[] this list is never closed, or a ',' is missing in it\n"},
    {"what may stand behind the mistake is not missing", VERSION "data: {test: {path: t.csv}}\nx: [}\n",
     "3:1 [x] unknown key 'x' in the suite; known are version, confidence, decide, on_inconclusive, family, "
     "threads, seed, max_slices, reports, because, data, gates, waivers\n"
     "3:5 [}] a value is missing here\n"},
    {"a gate that the mistake cuts has its checks behind it",
     VERSION "data:\n  a: {path: a.csv}\n  b: {path: b.csv}\ngates:\n  - gate: acuracy\n    slices: [sex]\n  "
             " checks: [f1]\n",
     "6:11 [acuracy] unknown gate 'acuracy'; did you mean 'accuracy'?\n"
     "8:4 [c] a list item that begins with '- ' is missing in the list that begins at line 6, column 3\n"},
    {"a source that the mistake cuts is not judged by what it lacks",
     VERSION "data:\n  test:\n    lable: y\n   path: t.csv\n" GATES,
     "4:5 [lable] unknown key 'lable' in data.test; did you mean 'label'?\n"
     "5:4 [p] this line does not stand under the first key of its map, which begins at line 3, column 3\n"},
    {"names of sources that are cut are not all there are",
     VERSION "gates: [{gate: accuracy, data: dev, checks: [roc_auk >= 0.5]}]\n"
             "data:\n  test: {path: t.csv}\n  dev: {path: [}\n",
     "2:46 [roc_auk] unknown quantity 'roc_auk'\n"
     "5:16 [}] a value is missing here\n"},
    {"what stands in brackets that are not closed may belong elsewhere",
     VERSION "data:\n  test: {path: t.csv, label: y\nconfidence: 0.9\n" GATES,
     "3:9 [{] this map is never closed, or a ',' is missing in it\n"},
    {"a text that may go on is not judged", VERSION DATA "confidence: 95\n  x: y\n" GATES,
     "4:4 [:] a key cannot stand here; ':' is missing in the line before, or this line is indented "
     "otherwise\n"},
    {"a key twice before the mistake", VERSION VERSION DATA "gates: [}\n",
     "2:1 [version] the key 'version' is written twice; first at line 1, column 1\n"
     "4:9 [}] a value is missing here\n"},
    {"keys twice in what the mistake cuts, more than there are keys",
     VERSION DATA
     "gates:\n  - gate: accuracy\n    checks: [f1 >= 0.7]\n    name: a\n    name: b\n    name: c\n"
     "    name: d\n    name: e\n    name: f\n    name: g\n    name: h\n    name: i\n    name: j\n"
     "    name: k\n    name: l\n    name: m\n    name: n\n    slices: [sex\n",
     "7:5 [name] the key 'name' is written twice; first at line 6, column 5\n"
     "8:5 [name] the key 'name' is written twice; first at line 6, column 5\n"
     "9:5 [name] the key 'name' is written twice; first at line 6, column 5\n"
     "10:5 [name] the key 'name' is written twice; first at line 6, column 5\n"
     "11:5 [name] the key 'name' is written twice; first at line 6, column 5\n"
     "12:5 [name] the key 'name' is written twice; first at line 6, column 5\n"
     "13:5 [name] the key 'name' is written twice; first at line 6, column 5\n"
     "14:5 [name] the key 'name' is written twice; first at line 6, column 5\n"
     "15:5 [name] the key 'name' is written twice; first at line 6, column 5\n"
     "16:5 [name] the key 'name' is written twice; first at line 6, column 5\n"
     "17:5 [name] the key 'name' is written twice; first at line 6, column 5\n"
     "18:5 [name] the key 'name' is written twice; first at line 6, column 5\n"
     "19:5 [name] the key 'name' is written twice; first at line 6, column 5\n"
     "20:13 [[] this list is never closed, or a ',' is missing in it\n"},
    {"an alias of nothing hides no other mistake",
     VERSION "data: {test: {path: t.csv, label: *y, lable: z}}\n" GATES,
     "2:35 [*y] nothing is named '&y'; an alias follows its anchor\n"
     "2:39 [lable] unknown key 'lable' in data.test; did you mean 'label'?\n"},
    {"a warning alone does not refuse the suite", CHECK "      - 'f1 >= 70'\n",
     "6:16 [70] warning: this limit is high\n"},
    {"a mistake behind an alias is told once",
     VERSION DATA "gates:\n"
                  "  - {gate: accuracy, checks: &c [f1 => 1]}\n"
                  "  - {gate: accuracy, name: b, checks: *c}\n",
     "4:37 [=>] '=>' is no comparator; write '>='\n"},
    {"score and score_prefix",
     VERSION "data:\n"
             "  test: {path: t.csv, score: p, score_prefix: p_}\n" GATES,
     "3:47 [p_] 'score' and 'score_prefix' both name the scores; give one of them\n"},
    {"a threshold for several scores",
     VERSION "data:\n"
             "  test: {path: t.csv, score: {a: x, b: z}, threshold: 0.4}\n" GATES,
     "3:55 [0.4] 'threshold' is for one score; with several, the class with the highest is predicted\n"},
    {"a threshold beside predictions",
     VERSION "data:\n  test: {path: t.csv, label: y, score: s, prediction: p, threshold: 0.9}\n" GATES,
     "3:69 [0.9] 'threshold' makes predictions of a score, and 'prediction' names them: leave out one of the "
     "two\n"},
    {"a link without scores",
     VERSION "data:\n  test: {path: t.csv, label: y, prediction: p, link: logit}\n" GATES,
     "3:54 [logit] 'link' is of scores, and no 'score' is named\n"},
    {"a threshold with a prefix",
     VERSION "data:\n"
             "  test: {path: t.csv, score_prefix: p_, threshold: 0.4}\n" GATES,
     "3:52 [0.4] 'threshold' is for one score; with several, the class with the highest is predicted\n"},
    {"softmax of one score",
     VERSION "data:\n"
             "  test: {path: t.csv, score: s, link: softmax}\n" GATES,
     "3:39 [softmax] 'softmax' links one score per class, and there is one score; 'logit' or 'none' would "
     "fit\n"},
    {"the label as prediction",
     VERSION "data:\n"
             "  test: {path: t.csv, label: y, prediction: y}\n" GATES,
     "3:45 [y] column 'y' is the label and the prediction; a label cannot judge itself\n"},
    {"the label as score",
     VERSION "data:\n"
             "  test: {path: t.csv, label: y, score: y}\n" GATES,
     "3:40 [y] column 'y' is the label and a score; a label cannot judge itself\n"},
    {"the label among the scores",
     VERSION "data:\n"
             "  test: {path: t.csv, label: y, score: {a: x, b: y}}\n" GATES,
     "3:40 [{a: x, b: y}] column 'y' is the label and a score; a label cannot judge itself\n"},
    {"a weight that is the label",
     VERSION "data: {test: {path: t.csv, label: y, prediction: p, weight: y}}\n" GATES,
     "2:61 [y] column 'y' is the label and the weight; a column has one role of these\n"},
    {"clusters that are scores",
     VERSION "data: {test: {path: t.csv, label: y, score: p, cluster: p}}\n" GATES,
     "2:57 [p] column 'p' is the score and the cluster; a column has one role of these\n"},
    {"a decimal comma in a file with commas",
     VERSION "data:\n"
             "  test: {path: t.csv, delimiter: ',', decimal: ','}\n" GATES,
     "3:48 [','] ',' cannot be the decimal mark and the delimiter at once\n"},
    {"a delimiter of two characters",
     VERSION "data:\n"
             "  test: {path: t.csv, delimiter: ;;}\n" GATES,
     "3:34 [;;] ';;' is no delimiter; 'delimiter' takes one character such as ';', or tab\n"},
    {"a decimal mark that is none",
     VERSION "data:\n"
             "  test: {path: t.csv, decimal: ;}\n" GATES,
     "3:32 [;] ';' is no decimal mark; 'decimal' takes . or ,\n"},
    {"a join without the labels' file",
     VERSION "data:\n"
             "  test: {path: t.csv, label: y, join: id}\n" GATES,
     "3:39 [id] a join needs 'labels_path', the file that the labels stand in\n"},
    {"a labels' file without a join",
     VERSION "data:\n"
             "  test: {path: t.csv, label: y, labels_path: l.csv}\n" GATES,
     "3:46 [l.csv] the labels' file needs 'join', the column by which its rows match the predictions'\n"},
    {"a join by the label",
     VERSION "data:\n"
             "  test: {path: t.csv, label: y, labels_path: l.csv, join: y}\n" GATES,
     "3:59 [y] column 'y' is the label, and rows are not matched by what they are asked for\n"},
    {"whole numbers that no double tells apart are two classes",
     VERSION
     "data:\n"
     "  test: {path: t.csv, labels: [9007199254740993, 9007199254740992, 9007199254740993.0]}\n" GATES,
     "3:68 [9007199254740993.0] class '9007199254740993.0' stands in 'labels' twice\n"},
    {"a class twice, as numbers are compared",
     VERSION "data:\n"
             "  test: {path: t.csv, labels: [1, 2, 1.0]}\n" GATES,
     "3:38 [1.0] class '1.0' stands in 'labels' twice\n"},
    {"a positive class that is none",
     VERSION "data:\n"
             "  test: {path: t.csv, labels: [no, yes], positive: ye}\n" GATES,
     "3:52 [ye] the positive class 'ye' is not in 'labels': no, yes\n"},
    {"a score of a class that is none",
     VERSION "data:\n"
             "  test: {path: t.csv, labels: [a, b], score: {a: x, c: z}}\n" GATES,
     "3:46 [{a: x, c: z}] class 'c' of 'score' is not in 'labels': a, b\n"},
    {"more missing than there can be",
     VERSION "data:\n"
             "  test: {path: t.csv, max_missing: 101%}\n" GATES,
     "3:36 [101%] '101%' is out of range; 'max_missing' takes a share such as 0.95 or 95%, at least 0 and at "
     "most 1\n"},
    {"an unknown treatment of missing values",
     VERSION "data:\n"
             "  test: {path: t.csv, missing: drp}\n" GATES,
     "3:32 [drp] unknown value 'drp'; 'missing' takes one of error or drop; did you mean 'drop'?\n"},
    {"slices that are nothing",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    slices: \n",
     "6:5 [slices] 'slices' has no value; 'slices' takes a list of columns, crosses and comparisons, such as "
     "[sex, sex*race, age < 25]\n"},
    {"an entry of slices that is a list",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    slices: [[sex]]\n",
     "6:14 [[sex]] unexpected list in 'slices'; an entry is a text such as sex*race, or a map such as sex: "
     "[Male, Female]\n"},
    {"a comparison with a word",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    slices: [age < young]\n",
     "6:20 [young] 'young' is no number; a slice compares with one, as in 'age < 25', or is one value, as in "
     "'sex = Male'\n"},
    {"a comparison without a number",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    slices: ['age <']\n",
     "6:20 ['] a number is missing after '<'\n"},
    {"a comparison of a cross",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    slices: [sex*age < 25]\n",
     "6:22 [<] a cross of columns cannot be compared; '<' takes one column\n"},
    {"an unknown comparison",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    slices: [age != 25]\n",
     "6:18 [!=] '!=' is no comparator of slices; one of <, <=, >, >= and = is\n"},
    {"a cross of five columns",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    slices: [a*b*c*d*e]\n",
     "6:22 [e] a cross of more than 4 columns\n"},
    {"a column crossed with itself",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    slices: [sex*race*sex]\n",
     "6:23 [sex] column 'sex' is crossed with itself\n"},
    {"a column is missing",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    slices: [sex*]\n",
     "6:18 []] a column is missing in 'sex*'; slices are written sex, sex*race, age < 25 or sex = Male\n"},
    {"a column is missing before the comparison",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    slices: ['< 25']\n",
     "6:15 [<] a column is missing in '< 25'; slices are written sex, sex*race, age < 25 or sex = Male\n"},
    {"a quoted column that is never closed",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    slices: ['`a*b']\n",
     "6:15 [`] the quote ` that begins here is never closed\n"},
    {"text behind a quoted column",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    slices: ['`a*b` c']\n",
     "6:21 [c] unexpected 'c' behind a quoted column\n"},
    {"the same slices twice",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    slices: [sex, race, sex]\n",
     "6:25 [sex] 'sex' gives slices that 'sex' gives already\n"},
    {"the same cross in another order",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    slices: [sex*race, race*sex]\n",
     "6:24 [race*sex] 'race*sex' gives slices that 'sex*race' gives already\n"},
    {"one value of a column that stands there wholly",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    slices: [sex, sex = Male]\n",
     "6:19 [sex = Male] 'sex = Male' gives slices that 'sex' gives already\n"},
    {"the same comparison twice",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    slices: [age < 25, age<25.0]\n",
     "6:24 [age<25.0] 'age<25.0' gives slices that 'age < 25' gives already\n"},
    {"a value declared twice",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    slices: {sex: [Male, Male]}\n",
     "6:26 [Male] 'Male' is declared twice for 'sex'\n"},
    {"values that are none",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    slices: {sex: []}\n",
     "6:19 [[]] 'sex' declares no values; list the values that must have rows, as in sex: [Male, Female]\n"},
    {"values that are nothing",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    slices: {sex: }\n",
     "6:14 [sex] unexpected empty value for 'sex'; list the values that must have rows, as in sex: [Male, "
     "Female]\n"},
    {"values for a cross",
     VERSION DATA "gates:\n"
                  "  - gate: accuracy\n"
                  "    checks: [f1 >= 0.7]\n"
                  "    slices: {sex*race: [a]}\n",
     "6:14 [sex*race] values can be declared for one column, not for 'sex*race'\n"},
    {"waivers in a file", VERSION DATA GATES "waivers: waivers.yaml\n",
     "4:10 [waivers.yaml] the waivers cannot be read: there are no files here\n"},
    {"waivers that are a map", VERSION DATA GATES "waivers: {check: a}\n",
     "4:10 [{check: a}] unexpected map; 'waivers' takes a list of {check: ID, reason: TEXT, owner: TEXT, "
     "expires: 2027-01-31}, or the path of a file with one\n"},
    {"a waiver whose reason and owner are blank",
     VERSION DATA GATES "waivers: [{check: a, reason: ' ', owner: \"\\t\", expires: 2027-01-31}]\n",
     "4:30 [' '] 'reason' of a waiver says nothing; it tells why the check may be missed\n"
     "4:42 [\"\\t\"] 'owner' of a waiver says nothing; it names who answers for it\n"},
    {"a waiver that is a text", VERSION DATA GATES "waivers: [a]\n",
     "4:11 [a] unexpected text; 'waivers' takes a list of {check: ID, reason: TEXT, owner: TEXT, expires: "
     "2027-01-31}, or the path of a file with one\n"},
    {"a waiver that lacks everything but the check", VERSION DATA GATES "waivers: [{check: a}]\n",
     "4:11 [{check: a}] 'reason' is missing in a waiver; 'reason' takes a text\n"
     "4:11 [{check: a}] 'owner' is missing in a waiver; 'owner' takes a text\n"
     "4:11 [{check: a}] 'expires' is missing in a waiver; 'expires' takes a text\n"},
    {"a date that is none",
     VERSION DATA GATES "waivers: [{check: a, reason: b, owner: c, expires: 2027-02-29}]\n",
     "4:52 [2027-02-29] '2027-02-29' is no date; 'expires' takes a day such as 2027-01-31\n"},
    {"a date in another order",
     VERSION DATA GATES "waivers: [{check: a, reason: b, owner: c, expires: 31.01.2027}]\n",
     "4:52 [31.01.2027] '31.01.2027' is no date; 'expires' takes a day such as 2027-01-31\n"},
    {"an unknown key of a waiver",
     VERSION DATA GATES "waivers: [{check: a, reason: b, owner: c, expires: 2027-01-31, until: x}]\n",
     "4:64 [until] unknown key 'until' in a waiver; known are check, reason, owner, expires\n"},
    {"a key written twice is told beside other mistakes",
     VERSION "version: 1\n"
             "data: {test: {path: t.csv, label: y, prediction: p}}\n" GATES "seed: x\n",
     "2:1 [version] the key 'version' is written twice; first at line 1, column 1\n"
     "5:7 [x] 'x' is not a whole number; 'seed' takes a whole number, at least 0 and at most "
     "9007199254740992\n"},
};

static void test_mistake(void **state)
{
    const struct mistake *row = *state;
    struct loaded loaded;

    load(&loaded, row->text, NULL, NULL);
    expect_told(&loaded, row->told);
    unload(&loaded);
}

/* ---- flags and environment ------------------------------------------------------------------------ */

enum { PAIRS = 24 };

/* What `mlgate run` makes of a file, the environment and flags: one line of the expansion. */
static const struct precedence {
    const char *name, *file, *environment[PAIRS], *flags[PAIRS], *line;
} precedences[] = {
    {.name = "a default is built in", .file = "", .line = "confidence: 0.95  # built-in"},
    {.name = "the file beats what is built in",
     .file = "confidence: 0.9\n",
     .line = "confidence: 0.9  # mlgate.yaml:1"},
    {.name = "the environment beats the file",
     .file = "confidence: 0.9\n",
     .environment = {"MLGATE_CONFIDENCE", "80%"},
     .line = "confidence: 0.8  # MLGATE_CONFIDENCE"},
    {.name = "an empty variable is not given",
     .file = "confidence: 0.9\n",
     .environment = {"MLGATE_CONFIDENCE", ""},
     .line = "confidence: 0.9  # mlgate.yaml:1"},
    {.name = "a flag beats them all",
     .file = "confidence: 0.9\n",
     .environment = {"MLGATE_CONFIDENCE", "0.8"},
     .flags = {"confidence", "0.7"},
     .line = "confidence: 0.7  # --confidence"},
    {.name = "an empty flag is not given",
     .file = "",
     .environment = {"MLGATE_CONFIDENCE", "0.8"},
     .flags = {"confidence", ""},
     .line = "confidence: 0.8  # MLGATE_CONFIDENCE"},
    {.name = "a gate inherits the flag",
     .file = "",
     .flags = {"decide", "point"},
     .line = "    decide: point  # --decide"},
    {.name = "a check inherits the environment",
     .file = "",
     .environment = {"MLGATE_ON_INCONCLUSIVE", "warn"},
     .line = "        on_inconclusive: warn  # MLGATE_ON_INCONCLUSIVE"},
    {.name = "a flag's dashes are underscores",
     .file = "",
     .flags = {"max-slices", "7"},
     .line = "max_slices: 7  # --max-slices"},
    {.name = "a flag given twice adds up to a map",
     .file = "reports: {console: x}\n",
     .flags = {"report", "junit=j.xml", "report", "json=r.json"},
     .line = "reports: {junit: j.xml, json: r.json}  # --report"},
    {.name = "a map in the environment",
     .file = "",
     .environment = {"MLGATE_REPORTS", "junit=j.xml, json=r.json"},
     .line = "reports: {junit: j.xml, json: r.json}  # MLGATE_REPORTS"},
    {.name = "the version of mlgate in the environment is not that of the file",
     .file = "",
     .environment = {"MLGATE_VERSION", "0.1.0"},
     .line = "version: 1  # mlgate.yaml:"},
};

static void expect_line(const struct mlg_suite *suite, const char *line)
{
    char *text = expand(suite), *found = strstr(text, line);
    if (!found || (found != text && found[-1] != '\n'))
        fail_msg("'%s' is not in:\n%s", line, text);
    free(text);
}

static void test_precedence(void **state)
{
    const struct precedence *row = *state;
    char text[500];
    struct loaded loaded;

    snprintf(text, sizeof text, "%s" VERSION DATA GATES, row->file);
    load(&loaded, text, row->environment, row->flags);
    expect_suite(&loaded);
    expect_line(loaded.suite, row->line);
    unload(&loaded);
}

/* The suite of one executable: lines of its expansion, or what is told. */
static const struct outside {
    const char *name;
    const struct mlg_gate *gate;
    const char *environment[PAIRS], *flags[PAIRS];
    const char *lines[8], *told;
} outsides[] = {
    {.name = "flags make a suite",
     .gate = &accuracy,
     .flags = {"data", "out/test.csv.gz", "label", "y", "score", "p", "positive", "1", "check",
               "roc_auc >= 0.85"},
     .lines = {"  test:  # ", "    path: out/test.csv.gz  # --data", "    label: \"y\"  # --label",
               "    positive: \"1\"  # --positive", "  - gate: accuracy  # built-in",
               "    data: test  # built-in", "      - check: roc_auc >= 0.85  # --check"}},
    {.name = "the environment makes a suite",
     .gate = &accuracy,
     .environment = {"MLGATE_DATA", "t.csv", "MLGATE_LABEL", "y", "MLGATE_PREDICTION", "p", "MLGATE_CHECKS",
                     "f1 >= 0.7\n\n accuracy >= 80%\n", "MLGATE_MIN_ROWS", "30", "MLGATE_LABELS", ""},
     .lines = {"    path: t.csv  # MLGATE_DATA", "      - check: f1 >= 0.7  # MLGATE_CHECKS",
               "      - check: accuracy >= 80%  # MLGATE_CHECKS", "    min_rows: 30  # MLGATE_MIN_ROWS",
               "        min_rows: 30  # MLGATE_MIN_ROWS"}},
    {.name = "a flag beats the environment",
     .gate = &accuracy,
     .environment = {"MLGATE_LABEL", "z"},
     .flags = {"data", "t.csv", "label", "y", "check", "f1 >= 0.7"},
     .lines = {"    label: \"y\"  # --label"}},
    {.name = "checks on one line are separated by semicolons, not within quotes",
     .gate = &accuracy,
     .flags = {"data", "t.csv", "checks", "recall(class='a;b') >= 0.5; f1(average=macro, class=a) >= 0.7;"},
     .lines = {"      - check: \"recall(class='a;b') >= 0.5\"  # --checks",
               "      - check: \"f1(average=macro, class=a) >= 0.7\"  # --checks"}},
    {.name = "a flag given several times adds up",
     .gate = &accuracy,
     .flags = {"data", "t.csv", "check", "f1 >= 0.7", "check", "mcc >= 0.1", "slices", "sex,sex*race",
               "slices", "age < 25"},
     .lines = {"      - check: f1 >= 0.7  # --check", "      - check: mcc >= 0.1  # --check",
               "    slices: [sex, sex*race, age < 25]  # --slices"}},
    {.name = "one score per class",
     .gate = &accuracy,
     .flags = {"data", "-", "score", "a=p_a", "score", "b=p_b", "labels", "a, b", "check", "log_loss <= 1"},
     .lines = {"  stdin:  # ", "    score: {a: p_a, b: p_b}  # --score", "    labels: [a, b]  # --labels"}},
    {.name = "options of the gate itself",
     .gate = &overfit,
     .environment = {"MLGATE_FEATURES", "5"},
     .flags = {"data", "t.csv", "train", "a", "check", "gap(f1) <= 0.1", "confidence", "0.9"},
     .lines = {"    train: a  # --train", "    features: 5  # MLGATE_FEATURES",
               "    confidence: 0.9  # --confidence"}},
    {.name = "no data",
     .gate = &accuracy,
     .flags = {"check", "f1 >= 0.7"},
     .told = "no data are given; add --data PATH\n"},
    {.name = "no check",
     .gate = &accuracy,
     .flags = {"data", "t.csv"},
     .told = "no check is given; add for example --check 'roc_auc >= 0.85'\n"},
    {.name = "checks that hold none",
     .gate = &accuracy,
     .flags = {"data", "t.csv", "check", " ;\n"},
     .told = "--check: no check is given; one is for example 'roc_auc >= 0.85'\n"},
    {.name = "mistakes of flags begin with the flag, and all are told",
     .gate = &accuracy,
     .environment = {"MLGATE_CHECKS", "f1 >= 0.7;roc_auc => 1"},
     .flags = {"data", "t.csv", "confidence", "2", "min-rows", "x", "lable", "y", "delimiter", ";;"},
     .told =
         "--lable: 'lable' is no option of mlgate-accuracy\n"
         "--confidence: '2' is out of range; 'confidence' takes a share such as 0.95 or 95%, above 0.5 and "
         "below 1\n"
         "--delimiter: ';;' is no delimiter; 'delimiter' takes one character such as ';', or tab\n"
         "MLGATE_CHECKS: in 'roc_auc => 1': '=>' is no comparator; write '>='\n"
         "--min-rows: 'x' is not a whole number; 'min_rows' takes a whole number, at least 0 and at most "
         "9007199254740992\n"},
    {.name = "one value given twice",
     .gate = &accuracy,
     .flags = {"data", "t.csv", "label", "a", "label", "b", "check", "f1"},
     .told = "--label: it is given 2 times and takes one value\n"},
    {.name = "an option of the gate that is missing",
     .gate = &overfit,
     .flags = {"data", "t.csv", "check", "f1"},
     .told = "'train' is missing in mlgate-overfit; 'train' takes a text\n"},
    {.name = "the gate judges its checks",
     .gate = &accuracy,
     .flags = {"data", "t.csv", "check", "f1", "check", "roc_auk >= 0.5"},
     .told = "--check: in 'roc_auk >= 0.5': unknown quantity 'roc_auk'\n"},
};

static void test_outside(void **state)
{
    const struct outside *row = *state;
    struct loaded loaded;

    make(&loaded, row->gate, row->environment, row->flags);
    if (row->told) {
        expect_told(&loaded, row->told);
        assert_null(loaded.suite);
    } else {
        expect_suite(&loaded);
        assert_non_null(row->lines[0]);
        for (size_t i = 0; i < COUNT(row->lines) && row->lines[i]; i++)
            expect_line(loaded.suite, row->lines[i]);
    }
    unload(&loaded);
}

/* ---- the suite ------------------------------------------------------------------------------------ */

static const char whole[] =
    "version: 1\n"
    "confidence: 0.9\n"
    "family: holm\n"
    "reports: {junit: out/junit.xml, json: \"-\"}\n"
    "data:\n"
    "  train: {path: train.csv, label: income, prediction: predicted, score: probability}\n"
    "  test: {path: a.csv, label: y, score: {no: p_no, '>50K': p_yes}, labels: [no, '>50K'], positive: "
    "'>50K',\n"
    "         missing: drop, max_missing: 5%, delimiter: tab, decimal: ',', link: softmax}\n"
    "  other: {path: \"b # c.csv\", score_prefix: p_, id: \"row: id\"}\n"
    "waivers:\n"
    "  - {check: accuracy / f1 >= 0.70, reason: \"known: #12\", owner: Ada, expires: 2028-02-29}\n"
    "gates:\n"
    "  - gate: accuracy\n"
    "    data: test\n"
    "    decide: point\n"
    "    slices: [sex, sex*race, age < 25, {job: [clerk, 'a, b']}, town = Bonn, '`a*b`']\n"
    "    checks:\n"
    "      - roc_auc >= 0.85\n"
    "      - {check: recall >= 60%, confidence: 0.99, on: [all, sex=Male], because: 'law: 4', enforce: "
    "false}\n"
    "  - gate: overfit\n"
    "    name: second\n"
    "    train: train\n"
    "    features: 4\n"
    "    data: other\n"
    "    checks: [gap(accuracy) <= 0.03, overlap]\n";

static void test_values(void **state)
{
    struct loaded loaded;
    const struct mlg_suite *suite;
    const struct mlg_gate_config *gate;
    const struct mlg_check_config *check;
    const struct mlg_data *data;

    (void)state;
    load(&loaded, whole, NULL, NULL);
    expect_suite(&loaded);
    suite = loaded.suite;
    assert_string_equal(suite->path, "mlgate.yaml");
    assert_int_equal(suite->family, MLG_FAMILY_HOLM);
    assert_int_equal(suite->max_slices, 1000);
    assert_int_equal(suite->data_count, 3);
    data = mlg_suite_data(suite, "test");
    assert_string_equal(data->positive, ">50K");
    assert_string_equal(data->score.map.values[1], "p_yes");
    assert_int_equal(data->missing, MLG_MISSING_DROP);
    assert_true(data->max_missing > 0.0499 && data->max_missing < 0.0501);
    assert_int_equal(data->link, MLG_LINK_SOFTMAX);
    assert_null(mlg_suite_data(suite, "tset"));

    assert_int_equal(suite->gate_count, 2);
    gate = &suite->gates[0];
    assert_ptr_equal(gate->gate, &accuracy);
    assert_string_equal(gate->name, "accuracy");
    assert_int_equal(gate->slices.count, 6);
    assert_int_equal(gate->slices.items[1].column_count, 2);
    assert_string_equal(gate->slices.items[1].columns[1], "race");
    assert_true(gate->slices.items[2].is_comparison);
    assert_int_equal(gate->slices.items[2].comparator, MLG_BELOW);
    assert_int_equal(gate->slices.items[2].bound.mantissa, 25);
    assert_int_equal(gate->slices.items[3].declared_count, 2);
    assert_string_equal(gate->slices.items[3].declared[1], "a, b");
    assert_string_equal(gate->slices.items[4].columns[0], "town");
    assert_string_equal(gate->slices.items[4].declared[0], "Bonn");
    assert_string_equal(gate->slices.items[5].columns[0], "a*b");

    /* Settings come down from the suite and the gate, with the places where they were written. */
    check = &gate->checks.items[0];
    assert_int_equal(check->settings.decide, MLG_DECIDE_POINT);
    assert_int_equal(check->origins[1].place.line, 15);
    assert_int_equal(check->origins[0].place.line, 2);
    assert_true(check->settings.confidence > 0.89 && check->settings.confidence < 0.91);
    assert_true(check->settings.enforce);
    check = &gate->checks.items[1];
    assert_true(check->settings.confidence > 0.98);
    assert_int_equal(check->origins[0].place.line, 19);
    assert_false(check->settings.enforce);
    assert_int_equal(check->settings.on.count, 2);
    assert_string_equal(check->settings.because, "law: 4");

    gate = &suite->gates[1];
    assert_string_equal(gate->name, "second");
    assert_string_equal(((const struct overfit_options *)gate->options)->train, "train");
    assert_int_equal(((const struct overfit_options *)gate->options)->features, 4);
    assert_int_equal(gate->option_origins[1].place.line, 23);
    assert_int_equal(gate->checks.items[1].check.comparator, MLG_NO_COMPARATOR);
    assert_string_equal(suite->waivers[0].expires, "2028-02-29");
    unload(&loaded);
}

/* Takes the origins away, which differ between a file and its expansion. */
static void strip(char *text)
{
    char *to = text;
    for (char *line = text; *line;) {
        char *end = strchr(line, '\n'), *comment = end;
        while (comment > line && strncmp(comment, "  # ", 4) != 0)
            comment--;
        assert_true(comment > line);
        memmove(to, line, (size_t)(comment - line));
        to += comment - line;
        *to++ = '\n';
        line = end + 1;
    }
    *to = '\0';
}

static void expect_same_expansion(const struct mlg_suite *suite)
{
    struct loaded again;
    char *first = expand(suite), *second;

    load(&again, first, NULL, NULL);
    expect_suite(&again);
    second = expand(again.suite);
    strip(first);
    strip(second);
    assert_string_equal(first, second);
    free(first);
    free(second);
    unload(&again);
}

static void test_expansion(void **state)
{
    struct loaded loaded;
    (void)state;
    load(&loaded, whole, NULL, NULL);
    expect_suite(&loaded);
    expect_same_expansion(loaded.suite);
    unload(&loaded);
}

static void test_expansion_of_flags(void **state)
{
    struct loaded loaded;
    (void)state;
    make(&loaded, &overfit, NULL,
         (const char *const[]){"data", "a: b.csv", "train", "x # y", "check", "f(class='a\"b') > 1e-7",
                               "because", "it's \"so\"\n", "positive", "true", "slices", "`a b`*\"c,d\"",
                               NULL});
    expect_suite(&loaded);
    expect_same_expansion(loaded.suite);
    unload(&loaded);
}

/* A path of the configuration cannot leave its comment. */
static void test_hostile_path(void **state)
{
    static const char text[] = VERSION DATA GATES;
    struct loaded loaded;
    const struct mlg_node *root;
    char *expanded;

    (void)state;
    mlg_arena_init(&loaded.arena, 0);
    mlg_diagnostics_init(&loaded.list, &loaded.arena);
    root = mlg_yaml_parse("x\nversion: 2\r", text, strlen(text), &loaded.arena, &loaded.list);
    assert_non_null(root);
    loaded.suite = mlg_suite_load(root, "x", gates, NULL, NULL, 0, &loaded.arena, &loaded.list);
    expect_suite(&loaded);
    expanded = expand(loaded.suite);
    assert_null(strstr(expanded, "\nversion: 2"));
    assert_null(strchr(expanded, '\r'));
    free(expanded);
    unload(&loaded);
}

/* ---- rows ------------------------------------------------------------------------------------------- */

/* parse(print(v)) == v, for the built-in value and for one that was written. */
static void expect_round_trip(const struct mlg_param *row, const void *object, size_t size)
{
    struct mlg_arena arena;
    struct mlg_diagnostics list;
    struct mlg_builder first, second;
    const struct mlg_node *root;
    char *copy = calloc(1, size);

    mlg_arena_init(&arena, 0);
    mlg_diagnostics_init(&list, &arena);
    mlg_builder_init(&first, 0);
    mlg_builder_init(&second, 0);
    mlg_put(&first, "value: ");
    mlg_param_print(row, object, &first);
    root = mlg_yaml_parse("rows", first.data, first.size, &arena, &list);
    assert_non_null(root);
    if (!row->kind->parse(row, copy + row->offset, mlg_node_get(root, "value"), &arena, &list))
        fail_msg("%s: %s", row->name, list.items[0].text);
    mlg_put(&second, "value: ");
    mlg_param_print(row, copy, &second);
    assert_string_equal(first.data, second.data);
    mlg_builder_free(&first);
    mlg_builder_free(&second);
    mlg_arena_free(&arena);
    free(copy);
}

static void test_rows(void **state)
{
    struct loaded loaded;
    (void)state;
    load(&loaded, whole, NULL, NULL);
    expect_suite(&loaded);
    for (size_t i = 0; mlg_suite_params[i].name; i++) {
        expect_round_trip(&mlg_suite_params[i], &mlg_suite_defaults, sizeof mlg_suite_defaults);
        expect_round_trip(&mlg_suite_params[i], loaded.suite, sizeof *loaded.suite);
    }
    for (size_t i = 0; mlg_data_params[i].name; i++) {
        if (!mlg_data_params[i].required)
            expect_round_trip(&mlg_data_params[i], &mlg_data_defaults, sizeof mlg_data_defaults);
        for (size_t k = 0; k < loaded.suite->data_count; k++)
            expect_round_trip(&mlg_data_params[i], &loaded.suite->data[k], sizeof *loaded.suite->data);
    }
    for (size_t i = 0; mlg_gate_params[i].name; i++)
        for (size_t k = 0; k < loaded.suite->gate_count; k++)
            expect_round_trip(&mlg_gate_params[i], &loaded.suite->gates[k], sizeof *loaded.suite->gates);
    for (size_t i = 0; mlg_settings_params[i].name; i++)
        expect_round_trip(&mlg_settings_params[i], &mlg_settings_defaults, sizeof mlg_settings_defaults);
    for (size_t i = 0; mlg_waiver_params[i].name; i++)
        expect_round_trip(&mlg_waiver_params[i], loaded.suite->waivers, sizeof *loaded.suite->waivers);
    unload(&loaded);
}

/* Every row says in a sentence what it is for, and names stand once per table. */
static void test_help(void **state)
{
    static const struct mlg_param *const tables[] = {mlg_suite_params, mlg_data_params, mlg_gate_params,
                                                     mlg_settings_params, mlg_waiver_params};
    (void)state;
    for (size_t t = 0; t < COUNT(tables); t++)
        for (const struct mlg_param *row = tables[t]; row->name; row++) {
            assert_non_null(row->help);
            assert_non_null(row->argument);
            assert_non_null(row->group);
            assert_true(row->help[strlen(row->help) - 1] != '.');
            assert_ptr_equal(mlg_params_find(tables[t], row->name), row);
        }
}

/* ---- memory ------------------------------------------------------------------------------------------ */

/* Wherever memory ends, the suite is not loaded and something is told. */
static void test_memory(void **state)
{
    const struct mlg_suite *suite = NULL;
    (void)state;
    for (size_t maximum = 50000; !suite && maximum < 4000000; maximum += 997) {
        struct mlg_arena arena, list_arena;
        struct mlg_diagnostics list;
        const struct mlg_node *root;
        mlg_arena_init(&arena, maximum);
        mlg_arena_init(&list_arena, 0);
        mlg_diagnostics_init(&list, &list_arena);
        root = mlg_yaml_parse("mlgate.yaml", whole, strlen(whole), &arena, &list);
        suite = root ? mlg_suite_load(root, "mlgate.yaml", gates, NULL, NULL, 0, &arena, &list) : NULL;
        assert_true((suite != NULL) == (list.errors == 0));
        mlg_arena_free(&arena);
        mlg_arena_free(&list_arena);
    }
    assert_non_null(suite);
}

int main(void)
{
    static struct CMUnitTest tests[COUNT(mistakes) + COUNT(precedences) + COUNT(outsides) + 7] = {
        {.name = "every key of a suite has its value and its origin", .test_func = test_values},
        {.name = "the expansion of a suite loads to the same suite", .test_func = test_expansion},
        {.name = "the expansion of flags loads to the same suite", .test_func = test_expansion_of_flags},
        {.name = "a hostile path stays within its comment", .test_func = test_hostile_path},
        {.name = "what a row prints it parses", .test_func = test_rows},
        {.name = "every row has its help", .test_func = test_help},
        {.name = "no memory is no suite", .test_func = test_memory},
    };
    size_t count = 7;

    NAMED_ROWS(tests, count, mistakes, test_mistake);
    NAMED_ROWS(tests, count, precedences, test_precedence);
    NAMED_ROWS(tests, count, outsides, test_outside);
    return cmocka_run_group_tests_name("suite", tests, NULL, NULL);
}
