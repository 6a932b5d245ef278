/* What one configuration asks less than another one: one row for each way, and that no key lacks a direction.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../plugins/plugins.h"
#include "mlgate/loosened.h"
#include "named_rows.h"

/* ---- two configurations ----------------------------------------------------------------------------- */

struct comparison {
    struct mlg_arena arena;
    struct mlg_loosened found;
};

static const struct mlg_suite *load(struct mlg_arena *arena, const char *path, const char *text)
{
    struct mlg_diagnostics list;
    mlg_diagnostics_init(&list, arena);
    const struct mlg_node *root = mlg_yaml_parse(path, text, strlen(text), arena, &list);
    const struct mlg_suite *suite =
        root ? mlg_suite_load(root, path, mlg_gates, NULL, NULL, 0, arena, &list) : NULL;
    if (!suite)
        fail_msg("%s: %s in\n%s", path, list.count ? list.items[0].text : "no suite", text);
    return suite;
}

static void compare(struct comparison *comparison, const char *before, const char *after)
{
    struct mlg_error error = {0};
    mlg_arena_init(&comparison->arena, 0);
    assert_int_equal(mlg_loosened_find(load(&comparison->arena, "old.yaml", before),
                                       load(&comparison->arena, "new.yaml", after), &comparison->arena,
                                       &comparison->found, &error),
                     MLG_OK);
}

typedef void put_found(const struct mlg_loosened *found, struct mlg_builder *out);

static void assert_puts(put_found *put, const struct comparison *comparison, const char *expected)
{
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    put(&comparison->found, &out);
    assert_false(out.failed);
    assert_string_equal(out.data, expected);
    mlg_builder_free(&out);
}

/* ---- one row for each way -------------------------------------------------------------------------- */

#define NO_REASON "; no 'because' says why"
#define ONLY_WARNS ", and what is inconclusive only warns"
#define OLD_REASON "; its 'because' stood in the file before"

struct row {
    const char *name;
    const char *before, *after; /* whole configurations */
    const char *says;           /* the first line that is told; NULL: nothing asks for less */
    size_t weaker, unexplained, notes;
};

#define DATA "version: 1\ndata: {test: {path: a.csv, label: y, prediction: p, score: s, positive: \"1\"}}\n"
#define GATE DATA "gates:\n  - gate: accuracy\n"
#define CHECKS GATE "    checks:\n"
#define ONE(check) CHECKS "      - " check "\n"
#define WARNS(more) ONE("{check: f1 >= 0.7, on_inconclusive: warn, " more "}")
#define TWO(check, other) CHECKS "      - " check "\n      - " other "\n"
#define SLICED(slices, check) GATE "    slices: " slices "\n    checks: [" check "]\n"
#define FAIR DATA "gates:\n  - gate: fairness\n    checks: [selection_rate_ratio >= 0.8]\n"
#define SOURCE(more)                                                                                         \
    "version: 1\ndata: {test: {path: a.csv, label: y, prediction: p" more                                    \
    "}}\ngates: [{gate: accuracy, checks: [f1(class=1) >= 0.7]}]\n"
#define TOP(more)                                                                                            \
    DATA more "gates: [{gate: accuracy, checks: [f1 >= 0.7, {check: brier <= 0.2, confidence: 0.97}]}]\n"
#define TWO_GATES                                                                                            \
    DATA "gates: [{gate: accuracy, checks: [f1 >= 0.7]}, {gate: accuracy, name: x, checks: [brier <= "       \
         "0.2]}]\n"
#define TWO_SOURCES(judged)                                                                                  \
    "version: 1\ndata: {a: {path: a.csv, label: y, prediction: p}, b: {path: a.csv, label: y, prediction: "  \
    "p, missing: drop}}\ngates: [{gate: accuracy, data: " judged ", checks: [accuracy >= 0.7]}]\n"
#define REPRO(more)                                                                                          \
    "version: 1\ngates: [{gate: repro, run: [a, \"{output}\"], outputs: [m.npz], checks: "                   \
    "[identical(m.npz)]" more "}]\n"
#define WAIVER(day)                                                                                          \
    ONE("f1 >= 0.7") "waivers: [{check: accuracy / f1 >= 0.7, reason: r, owner: o, expires: " day "}]\n"

static const struct row rows[] = {
    /* limits */
    {"a limit of >= that is lowered", ONE("roc_auc >= 0.85"), ONE("roc_auc >= 0.8"),
     "new.yaml:6:9: accuracy: 'roc_auc >= 0.8' asks for less than 'roc_auc >= 0.85' (old.yaml:6:9)" NO_REASON,
     1, 1, 0},
    {"a limit of >= that is raised", ONE("roc_auc >= 0.8"), ONE("roc_auc >= 0.85"), NULL, 0, 0, 0},
    {"a limit of <= that is raised", ONE("brier <= 0.1"), ONE("brier <= 0.2"),
     "new.yaml:6:9: accuracy: 'brier <= 0.2' asks for less than 'brier <= 0.1' (old.yaml:6:9)" NO_REASON, 1,
     1, 0},
    {"a limit of <= that is lowered", ONE("brier <= 0.2"), ONE("brier <= 0.1"), NULL, 0, 0, 0},
    {"the same limit in per cent", ONE("f1 >= 0.7"), ONE("f1 >= 70%"), NULL, 0, 0, 0},
    {"> that becomes >=", ONE("f1 > 0.7"), ONE("f1 >= 0.7"),
     "new.yaml:6:9: accuracy: 'f1 >= 0.7' asks for less than 'f1 > 0.7' (old.yaml:6:9)" NO_REASON, 1, 1, 0},
    {">= that becomes >", ONE("f1 >= 0.7"), ONE("f1 > 0.7"), NULL, 0, 0, 0},
    {"a limit that is gone", TWO("f1 >= 0.7", "accuracy >= 0.5"), TWO("f1", "accuracy >= 0.5"),
     "new.yaml:6:9: accuracy: 'f1' is only reported, and was 'f1 >= 0.7' (old.yaml:6:9)" NO_REASON, 1, 1, 0},
    {"the other direction is another check", ONE("selection_rate >= 0.2"), ONE("selection_rate <= 0.9"),
     "new.yaml:4:5: accuracy: the check 'selection_rate >= 0.2' is gone (old.yaml:6:9)" NO_REASON, 1, 1, 0},
    /* checks */
    {"a check that is gone", TWO("f1 >= 0.7", "accuracy >= 0.5"), ONE("accuracy >= 0.5"),
     "new.yaml:4:5: accuracy: the check 'f1 >= 0.7' is gone (old.yaml:6:9)" NO_REASON, 1, 1, 0},
    {"a check that is gone and named by its gate", TWO("f1 >= 0.7", "accuracy >= 0.5"),
     GATE "    because: f1 says nothing here\n    checks: [accuracy >= 0.5]\n",
     "new.yaml:4:5: accuracy: the check 'f1 >= 0.7' is gone (old.yaml:6:9); because: f1 says nothing here", 1,
     0, 0},
    {"a check that is gone and not named", TWO("f1 >= 0.7", "accuracy >= 0.5"),
     GATE "    because: the f10 of the board\n    checks: [accuracy >= 0.5]\n",
     "new.yaml:4:5: accuracy: the check 'f1 >= 0.7' is gone (old.yaml:6:9)" NO_REASON, 1, 1, 0},
    {"a check that another one covers is not missed", TWO("f1 >= 0.7", "{check: f1 >= 0.6, min_rows: 5}"),
     ONE("{check: f1 >= 0.7, min_rows: 5}"), NULL, 0, 0, 0},
    {"what is only reported may go", TWO("f1 >= 0.7", "accuracy"), ONE("f1 >= 0.7"), NULL, 0, 0, 0},
    {"a new check asks for more", ONE("f1 >= 0.7"), TWO("f1 >= 0.7", "brier <= 0.2"), NULL, 0, 0, 0},
    {"another order is the same", TWO("f1 >= 0.7", "brier <= 0.2"), TWO("brier <= 0.2", "f1 >= 0.7"), NULL, 0,
     0, 0},
    /* reasons */
    {"a because beside it", ONE("roc_auc >= 0.85"), ONE("{check: roc_auc >= 0.8, because: agreed in June}"),
     "new.yaml:6:17: accuracy: 'roc_auc >= 0.8' asks for less than 'roc_auc >= 0.85' (old.yaml:6:9); "
     "because: agreed in June",
     1, 0, 0},
    {"a because of the gate", ONE("roc_auc >= 0.85"),
     GATE "    because: agreed in June\n    checks: [roc_auc >= 0.8]\n",
     "new.yaml:6:14: accuracy: 'roc_auc >= 0.8' asks for less than 'roc_auc >= 0.85' (old.yaml:6:9); "
     "because: agreed in June",
     1, 0, 0},
    {"a because that stood there before explains nothing",
     ONE("{check: roc_auc >= 0.85, because: a coin scores 0.5}"),
     ONE("{check: roc_auc >= 0.8, because: a coin scores 0.5}"),
     "new.yaml:6:17: accuracy: 'roc_auc >= 0.8' asks for less than 'roc_auc >= 0.85' "
     "(old.yaml:6:17)" OLD_REASON,
     1, 1, 0},
    {"a because of blanks", ONE("roc_auc >= 0.85"), ONE("{check: roc_auc >= 0.8, because: \" \"}"),
     "new.yaml:6:17: accuracy: 'roc_auc >= 0.8' asks for less than 'roc_auc >= 0.85' "
     "(old.yaml:6:9)" NO_REASON,
     1, 1, 0},
    {"a because of marks", ONE("roc_auc >= 0.85"), ONE("{check: roc_auc >= 0.8, because: \".…·\"}"),
     "new.yaml:6:17: accuracy: 'roc_auc >= 0.8' asks for less than 'roc_auc >= 0.85' "
     "(old.yaml:6:9)" NO_REASON,
     1, 1, 0},
    {"a because in other letters", ONE("roc_auc >= 0.85"),
     ONE("{check: roc_auc >= 0.8, because: \"\u5408\u610f\"}"),
     "new.yaml:6:17: accuracy: 'roc_auc >= 0.8' asks for less than 'roc_auc >= 0.85' (old.yaml:6:9); "
     "because: \xe5\x90\x88\xe6\x84\x8f",
     1, 0, 0},
    {"a because copied from another check", TWO("roc_auc >= 0.85", "{check: f1 >= 0.7, because: few rows}"),
     TWO("{check: roc_auc >= 0.8, because: few rows}", "{check: f1 >= 0.7, because: few rows}"),
     "new.yaml:6:17: accuracy: 'roc_auc >= 0.8' asks for less than 'roc_auc >= 0.85' "
     "(old.yaml:6:9)" OLD_REASON,
     1, 1, 0},
    {"a because copied with another case and mark", ONE("{check: roc_auc >= 0.85, because: agreed in June}"),
     ONE("{check: roc_auc >= 0.8, because: \"Agreed  in June.\"}"),
     "new.yaml:6:17: accuracy: 'roc_auc >= 0.8' asks for less than 'roc_auc >= 0.85' "
     "(old.yaml:6:17)" OLD_REASON,
     1, 1, 0},
    {"a because copied from the top", ONE("roc_auc >= 0.85") "because: agreed in June\n",
     ONE("{check: roc_auc >= 0.8, because: agreed in June}"),
     "new.yaml:6:17: accuracy: 'roc_auc >= 0.8' asks for less than 'roc_auc >= 0.85' "
     "(old.yaml:6:9)" OLD_REASON,
     1, 1, 0},
    {"a because copied from a source of data", SOURCE(", because: agreed in June"),
     SOURCE(", missing: drop, because: agreed in June"),
     "new.yaml:2:62: data.test: 'missing' is drop, was error (old.yaml:2:14)" OLD_REASON, 1, 1, 0},
    /* settings */
    {"confidence of a check", ONE("{check: f1 >= 0.7, confidence: 0.99}"),
     ONE("{check: f1 >= 0.7, confidence: 0.9}"),
     "new.yaml:6:40: accuracy: 'confidence' of 'f1 >= 0.7' is 0.9, was 0.99 (old.yaml:6:40)" NO_REASON, 1, 1,
     0},
    {"confidence of a check that is no longer its own", ONE("{check: f1 >= 0.7, confidence: 0.99}"),
     ONE("f1 >= 0.7"),
     "new.yaml:6:9: accuracy: 'confidence' of 'f1 >= 0.7' is 0.95, was 0.99 (old.yaml:6:40)" NO_REASON, 1, 1,
     0},
    {"confidence of the suite that one check keeps", TOP("confidence: 0.96\n"), TOP("confidence: 0.9\n"),
     "new.yaml:3:13: accuracy: 'confidence' of 'f1 >= 0.7' is 0.9, was 0.96 (old.yaml:3:13)" NO_REASON, 1, 1,
     0},
    {"confidence of the suite is told once for all checks",
     "confidence: 0.96\n" TWO("f1 >= 0.7", "brier <= 0.2"),
     "confidence: 0.9\n" TWO("f1 >= 0.7", "brier <= 0.2"),
     "new.yaml:1:13: accuracy: 'confidence' of 2 checks is 0.9, was 0.96 (old.yaml:1:13)" NO_REASON, 1, 1, 0},
    {"confidence of the suite that is no longer given", "confidence: 0.96\n" TWO("f1 >= 0.7", "brier <= 0.2"),
     TWO("f1 >= 0.7", "brier <= 0.2"),
     "new.yaml:1:1: accuracy: 'confidence' of 2 checks is 0.95, was 0.96 (old.yaml:1:13)" NO_REASON, 1, 1, 0},
    {"confidence of the suite with a because at the top", TOP("confidence: 0.96\n"),
     TOP("confidence: 0.9\nbecause: few rows this year\n"),
     "new.yaml:3:13: accuracy: 'confidence' of 'f1 >= 0.7' is 0.9, was 0.96 (old.yaml:3:13); because: few "
     "rows this year",
     1, 0, 0},
    {"confidence of two checks of which one says why", "confidence: 0.96\n" TWO("f1 >= 0.7", "brier <= 0.2"),
     "confidence: 0.9\n" TWO("{check: f1 >= 0.7, because: few rows}", "brier <= 0.2"),
     "new.yaml:1:13: accuracy: 'confidence' of 2 checks is 0.9, was 0.96 (old.yaml:1:13)" NO_REASON, 1, 1, 0},
    {"a because at the top is not of a check", ONE("f1 >= 0.7"),
     ONE("f1 >= 0.6") "because: few rows this year\n",
     "new.yaml:6:9: accuracy: 'f1 >= 0.6' asks for less than 'f1 >= 0.7' (old.yaml:6:9)" NO_REASON, 1, 1, 0},
    {"confidence of the suite that the gate keeps", "confidence: 0.96\n" ONE("f1 >= 0.7"),
     "confidence: 0.9\n" GATE "    confidence: 0.96\n    checks: [f1 >= 0.7]\n", NULL, 0, 0, 0},
    {"decide", ONE("f1 >= 0.7"), ONE("{check: f1 >= 0.7, decide: point}"),
     "new.yaml:6:36: accuracy: 'decide' of 'f1 >= 0.7' is point, was interval (old.yaml:6:9)" NO_REASON, 1, 1,
     0},
    {"on_inconclusive", ONE("f1 >= 0.7"), ONE("{check: f1 >= 0.7, on_inconclusive: warn}"),
     "new.yaml:6:45: accuracy: 'on_inconclusive' of 'f1 >= 0.7' is warn, was block (old.yaml:6:9)" NO_REASON,
     1, 1, 0},
    {"confidence is higher and what is inconclusive warns", WARNS("confidence: 0.95"),
     WARNS("confidence: 0.99"),
     "new.yaml:6:63: accuracy: 'confidence' of 'f1 >= 0.7' is 0.99, was 0.95" ONLY_WARNS
     " (old.yaml:6:63)" NO_REASON,
     1, 1, 0},
    {"confidence is higher and warn comes", ONE("{check: f1 >= 0.7, confidence: 0.95}"),
     WARNS("confidence: 0.99"),
     "new.yaml:6:63: accuracy: 'confidence' of 'f1 >= 0.7' is 0.99, was 0.95" ONLY_WARNS
     " (old.yaml:6:40)" NO_REASON,
     2, 2, 0},
    {"confidence is higher and warn goes", WARNS("confidence: 0.95"),
     ONE("{check: f1 >= 0.7, confidence: 0.99}"), NULL, 0, 0, 0},
    {"confidence is higher and what is inconclusive blocks", ONE("{check: f1 >= 0.7, confidence: 0.95}"),
     ONE("{check: f1 >= 0.7, confidence: 0.99}"), NULL, 0, 0, 0},
    {"confidence is higher and the estimate decides", WARNS("decide: point, confidence: 0.95"),
     WARNS("decide: point, confidence: 0.99"), NULL, 0, 0, 0},
    {"confidence is higher of what could not block", WARNS("enforce: false, confidence: 0.95"),
     WARNS("enforce: false, confidence: 0.99"), NULL, 0, 0, 0},
    {"confidence of the suite is higher for one check that warns",
     "confidence: 0.95\n" TWO("{check: f1 >= 0.7, on_inconclusive: warn}", "brier <= 0.2"),
     "confidence: 0.99\n" TWO("{check: f1 >= 0.7, on_inconclusive: warn}", "brier <= 0.2"),
     "new.yaml:1:13: accuracy: 'confidence' of 'f1 >= 0.7' is 0.99, was 0.95" ONLY_WARNS
     " (old.yaml:1:13)" NO_REASON,
     1, 1, 0},
    {"min_rows is higher and what is inconclusive warns", WARNS("min_rows: 10"), WARNS("min_rows: 1000000"),
     "new.yaml:6:61: accuracy: 'min_rows' of 'f1 >= 0.7' is 1000000, was 10" ONLY_WARNS
     " (old.yaml:6:61)" NO_REASON,
     1, 1, 0},
    {"the interval decides again and what is inconclusive warns", WARNS("decide: point"),
     WARNS("decide: interval"),
     "new.yaml:6:59: accuracy: 'decide' of 'f1 >= 0.7' is interval, was point" ONLY_WARNS
     " (old.yaml:6:59)" NO_REASON,
     1, 1, 0},
    {"family comes and what is inconclusive warns", WARNS("decide: interval"),
     WARNS("decide: interval") "family: holm\n",
     "new.yaml:7:9: 'family' is holm, was none" ONLY_WARNS " (old.yaml:1:1)" NO_REASON, 1, 1, 0},
    {"family comes", ONE("f1 >= 0.7"), ONE("f1 >= 0.7") "family: holm\n", NULL, 0, 0, 0},
    {"a floor of groups is higher and what is inconclusive warns",
     FAIR "    attributes: [sex]\n    on_inconclusive: warn\n    min_group_rows: 30\n",
     FAIR "    attributes: [sex]\n    on_inconclusive: warn\n    min_group_rows: 300\n",
     "new.yaml:8:21: fairness: 'min_group_rows' is 300, was 30" ONLY_WARNS " (old.yaml:8:21)" NO_REASON, 1, 1,
     0},
    {"enforce", ONE("f1 >= 0.7"), ONE("{check: f1 >= 0.7, enforce: false}"),
     "new.yaml:6:37: accuracy: 'enforce' of 'f1 >= 0.7' is false, was true (old.yaml:6:9)" NO_REASON, 1, 1,
     0},
    {"enforce that comes", ONE("{check: f1 >= 0.7, enforce: false}"), ONE("f1 >= 0.7"), NULL, 0, 0, 0},
    {"min_rows", ONE("{check: f1 >= 0.7, min_rows: 50}"), ONE("{check: f1 >= 0.7, min_rows: 40}"),
     "new.yaml:6:38: accuracy: 'min_rows' of 'f1 >= 0.7' is 40, was 50 (old.yaml:6:38)" NO_REASON, 1, 1, 0},
    {"interval is another method", ONE("accuracy >= 0.7"), ONE("{check: accuracy >= 0.7, interval: wilson}"),
     "new.yaml:6:44: note: accuracy: 'interval' of 'accuracy >= 0.7' is wilson, was auto (old.yaml:6:9)", 0,
     0, 1},
    {"on that comes", SLICED("[sex]", "f1 >= 0.7"), SLICED("[sex]", "{check: f1 >= 0.7, on: [all]}"),
     "new.yaml:6:37: accuracy: 'on' of 'f1 >= 0.7' is [all], was not given (old.yaml:6:14)" NO_REASON, 1, 1,
     0},
    {"on that names all rows and every slice", SLICED("[sex, race, age < 25]", "f1 >= 0.7"),
     SLICED("[sex, race, age < 25]", "{check: f1 >= 0.7, on: [all, sex, age < 25, race]}"), NULL, 0, 0, 0},
    {"on that names all but one slice", SLICED("[sex, race]", "f1 >= 0.7"),
     SLICED("[sex, race]", "{check: f1 >= 0.7, on: [all, sex]}"),
     "new.yaml:6:37: accuracy: 'on' of 'f1 >= 0.7' is [all, sex], was not given (old.yaml:6:14)" NO_REASON, 1,
     1, 0},
    {"on that names one value of a slice", SLICED("[sex]", "f1 >= 0.7"),
     SLICED("[sex]", "{check: f1 >= 0.7, on: [all, sex=Male]}"),
     "new.yaml:6:37: accuracy: 'on' of 'f1 >= 0.7' is [all, sex=Male], was not given "
     "(old.yaml:6:14)" NO_REASON,
     1, 1, 0},
    {"on that names all but a cross in another order", SLICED("[sex*race]", "f1 >= 0.7"),
     SLICED("[race*sex]", "{check: f1 >= 0.7, on: [all]}"),
     "new.yaml:6:37: accuracy: 'on' of 'f1 >= 0.7' is [all], was not given (old.yaml:6:14)" NO_REASON, 1, 1,
     0},
    {"on that leaves out a new slice", SLICED("[sex]", "f1 >= 0.7"),
     SLICED("[sex, race]", "{check: f1 >= 0.7, on: [all, sex]}"), NULL, 0, 0, 0},
    {"on that lacks a slice", SLICED("[sex]", "{check: f1 >= 0.7, on: [all, sex]}"),
     SLICED("[sex]", "{check: f1 >= 0.7, on: [sex]}"),
     "new.yaml:6:37: accuracy: 'on' of 'f1 >= 0.7' no longer has 'all' (old.yaml:6:38)" NO_REASON, 1, 1, 0},
    {"on that takes all slices of a column", SLICED("[sex]", "{check: f1 >= 0.7, on: [sex=Male]}"),
     SLICED("[sex]", "{check: f1 >= 0.7, on: [sex]}"), NULL, 0, 0, 0},
    {"on that is gone", SLICED("[sex]", "{check: f1 >= 0.7, on: [all]}"), SLICED("[sex]", "f1 >= 0.7"), NULL,
     0, 0, 0},
    /* slices */
    {"a slice that is gone", SLICED("[sex, race]", "f1 >= 0.7"), SLICED("[sex]", "f1 >= 0.7"),
     "new.yaml:5:13: accuracy: 'slices' no longer has 'race' (old.yaml:5:19)" NO_REASON, 1, 1, 0},
    {"a slice that is gone and named", SLICED("[sex, race]", "f1 >= 0.7"),
     GATE "    slices: [sex]\n    because: nobody tells race any more\n    checks: [f1 >= 0.7]\n",
     "new.yaml:5:13: accuracy: 'slices' no longer has 'race' (old.yaml:5:19); because: nobody tells race any "
     "more",
     1, 0, 0},
    {"a cross in another order", SLICED("[sex*race]", "f1 >= 0.7"), SLICED("[race * sex]", "f1 >= 0.7"), NULL,
     0, 0, 0},
    {"a comparison with another bound", SLICED("[age < 25]", "f1 >= 0.7"), SLICED("[age < 20]", "f1 >= 0.7"),
     "new.yaml:5:13: accuracy: 'slices' no longer has 'age < 25' (old.yaml:5:14)" NO_REASON, 1, 1, 0},
    {"a value that is no longer declared", SLICED("{sex: [Male, Female]}", "f1 >= 0.7"),
     SLICED("{sex: [Male]}", "f1 >= 0.7"),
     "new.yaml:5:13: accuracy: 'slices' no longer asks for 'Female' of 'sex' (old.yaml:5:14)" NO_REASON, 1, 1,
     0},
    {"values that are declared are the only ones", SLICED("[sex]", "f1 >= 0.7"),
     SLICED("{sex: [Male]}", "f1 >= 0.7"),
     "new.yaml:5:13: accuracy: 'slices' has no longer every value of 'sex', but those that are named "
     "(old.yaml:5:14)" NO_REASON,
     1, 1, 0},
    /* the top level */
    {"family", TOP("family: holm\n"), TOP(""),
     "new.yaml:1:1: 'family' is none, was holm (old.yaml:3:9)" NO_REASON, 1, 1, 0},
    {"family with a because", TOP("family: holm\n"), TOP("family: none\nbecause: each check has an owner\n"),
     "new.yaml:3:9: 'family' is none, was holm (old.yaml:3:9); because: each check has an owner", 1, 0, 0},
    {"seed is another one", TOP("seed: 1\n"), TOP("seed: 2\n"),
     "new.yaml:3:7: note: 'seed' is 2, was 1 (old.yaml:3:7)", 0, 0, 1},
    {"what changes no verdict", TOP("threads: 1\n"), TOP("threads: 2\nreports: {json: r.json}\n"), NULL, 0, 0,
     0},
    /* data */
    {"missing", SOURCE(""), SOURCE(", missing: drop"),
     "new.yaml:2:62: data.test: 'missing' is drop, was error (old.yaml:2:14)" NO_REASON, 1, 1, 0},
    {"missing with a because", SOURCE(""), SOURCE(", missing: drop, because: the new export lacks ages"),
     "new.yaml:2:62: data.test: 'missing' is drop, was error (old.yaml:2:14); because: the new export lacks "
     "ages",
     1, 0, 0},
    {"max_missing", SOURCE(", max_missing: 1%"), SOURCE(", max_missing: 2%"),
     "new.yaml:2:66: data.test: 'max_missing' is 0.02, was 0.01 (old.yaml:2:66)" NO_REASON, 1, 1, 0},
    {"allow_constant", SOURCE(""), SOURCE(", allow_constant: true"),
     "new.yaml:2:69: data.test: 'allow_constant' is true, was false (old.yaml:2:14)" NO_REASON, 1, 1, 0},
    {"cluster that is gone", SOURCE(", cluster: c"), SOURCE(""),
     "new.yaml:2:14: data.test: 'cluster' is not given, was c (old.yaml:2:62)" NO_REASON, 1, 1, 0},
    {"cluster that is another one", SOURCE(", cluster: c"), SOURCE(", cluster: d"),
     "new.yaml:2:62: note: data.test: 'cluster' is d, was c (old.yaml:2:62)", 0, 0, 1},
    {"cluster that comes", SOURCE(""), SOURCE(", cluster: c"), NULL, 0, 0, 0},
    {"another positive class", SOURCE(""), SOURCE(", positive: 1"),
     "new.yaml:2:63: note: data.test: 'positive' is \"1\", was not given (old.yaml:2:14)", 0, 0, 1},
    {"a class that is gone", SOURCE(", labels: [a, b, c]"), SOURCE(", labels: [a, b]"),
     "new.yaml:2:61: data.test: 'labels' no longer has 'c' (old.yaml:2:68)" NO_REASON, 1, 1, 0},
    {"classes that are no longer named", SOURCE(", labels: [a, b]"), SOURCE(""),
     "new.yaml:2:14: data.test: 'labels' is not given, was [a, b] (old.yaml:2:61)" NO_REASON, 1, 1, 0},
    {"classes that come or stand in another order", SOURCE(", labels: [a, b]"), SOURCE(", labels: [b, a, c]"),
     "new.yaml:2:61: note: data.test: 'labels' is [b, a, c], was [a, b] (old.yaml:2:61)", 0, 0, 1},
    {"a gate that judges another source is compared with it", TWO_SOURCES("a"), TWO_SOURCES("b"),
     "new.yaml:2:102: data.b: 'missing' is drop, was error (old.yaml:2:11)" NO_REASON, 1, 1, 1},
    /* gates */
    {"a gate that is gone", TWO_GATES, TOP(""),
     "new.yaml:1:1: the gate 'x' is gone, with 1 check (old.yaml:3:48)" NO_REASON, 1, 1, 0},
    {"a gate that is gone and named", TWO_GATES, TOP("because: gate x is judged elsewhere\n"),
     "new.yaml:1:1: the gate 'x' is gone, with 1 check (old.yaml:3:48); because: gate x is judged elsewhere",
     1, 0, 0},
    {"a gate of another name is found", DATA "gates: [{gate: accuracy, name: x, checks: [f1 >= 0.7]}]\n",
     DATA "gates: [{gate: accuracy, name: y, checks: [f1 >= 0.6]}]\n",
     "new.yaml:3:44: y: 'f1 >= 0.6' asks for less than 'f1 >= 0.7' (old.yaml:3:44)" NO_REASON, 1, 1, 1},
    /* fairness */
    {"an attribute that is gone", FAIR "    attributes: [sex, race]\n", FAIR "    attributes: [sex]\n",
     "new.yaml:6:17: fairness: 'attributes' no longer has 'race' (old.yaml:6:23)" NO_REASON, 1, 1, 0},
    {"an exclusion has a reason of its own", FAIR "    attributes: [sex]\n",
     FAIR "    attributes: [sex]\n    exclude: [{group: {sex: X}, reason: two rows}]\n",
     "new.yaml:7:15: fairness: 'exclude' now has 'sex=X' (old.yaml:4:5); because: two rows", 1, 0, 0},
    {"another exclusion under the reason of before",
     FAIR "    attributes: [sex]\n    exclude: [{group: {sex: X}, reason: two rows}]\n",
     FAIR "    attributes: [sex]\n    exclude: [{group: {sex: F}, reason: two rows}]\n",
     "new.yaml:7:15: fairness: 'exclude' now has 'sex=F' (old.yaml:7:14)" OLD_REASON, 1, 1, 0},
    {"an exclusion under the reason of another key",
     FAIR "    attributes: [sex]\n    exclude_under: 1%\n    exclude_under_reason: too few\n",
     FAIR "    attributes: [sex]\n    exclude: [{group: {sex: F}, reason: too few}]\n",
     "new.yaml:7:15: fairness: 'exclude' now has 'sex=F' (old.yaml:4:5)" OLD_REASON, 1, 1, 0},
    {"exclude_under has a reason of its own", FAIR "    attributes: [sex]\n",
     FAIR "    attributes: [sex]\n    exclude_under: 2%\n    exclude_under_reason: too few to tell\n",
     "new.yaml:7:20: fairness: 'exclude_under' is 0.02, was 0 (old.yaml:4:5); because: too few to tell", 1, 0,
     0},
    {"exclude_under with the reason of before",
     FAIR "    attributes: [sex]\n    exclude_under: 1%\n    exclude_under_reason: too few\n",
     FAIR "    attributes: [sex]\n    exclude_under: 2%\n    exclude_under_reason: too few\n",
     "new.yaml:7:20: fairness: 'exclude_under' is 0.02, was 0.01 (old.yaml:7:20)" OLD_REASON, 1, 1, 0},
    {"exclude_missing has a reason of its own", FAIR "    attributes: [sex]\n",
     FAIR "    attributes: [sex]\n    exclude_missing: true\n    exclude_missing_reason: not asked\n",
     "new.yaml:7:22: fairness: 'exclude_missing' is true, was false (old.yaml:4:5); because: not asked", 1, 0,
     0},
    {"bins that are merged", FAIR "    attributes: [age]\n    bins: {age: [25, 45, 65]}\n",
     FAIR "    attributes: [age]\n    bins: {age: [25, 65]}\n",
     "new.yaml:7:11: fairness: 'bins' no longer cuts 'age' at 45 (old.yaml:7:11)" NO_REASON, 1, 1, 0},
    {"bins of what was not cut", FAIR "    attributes: [sex, age*sex]\n",
     FAIR "    attributes: [sex, age*sex]\n    bins: {age: [100]}\n",
     "new.yaml:7:11: fairness: 'bins' cuts 'age', of which every value was a group (old.yaml:4:5)" NO_REASON,
     1, 1, 0},
    {"bins of a new attribute", FAIR "    attributes: [sex]\n",
     FAIR "    attributes: [sex, age]\n    bins: {age: [25]}\n",
     "new.yaml:7:11: note: fairness: 'bins' is {age: [25]}, was not given (old.yaml:4:5)", 0, 0, 1},
    {"more bins", FAIR "    attributes: [age]\n    bins: {age: [25]}\n",
     FAIR "    attributes: [age]\n    bins: {age: [25, 45]}\n",
     "new.yaml:7:11: note: fairness: 'bins' is {age: [25, 45]}, was {age: [25]} (old.yaml:7:11)", 0, 0, 1},
    {"bins that are gone", FAIR "    attributes: [age]\n    bins: {age: [25]}\n",
     FAIR "    attributes: [age]\n",
     "new.yaml:4:5: note: fairness: 'bins' is not given, was {age: [25]} (old.yaml:7:11)", 0, 0, 1},
    {"a floor of groups", FAIR "    attributes: [sex]\n    min_group_rows: 30\n",
     FAIR "    attributes: [sex]\n",
     "new.yaml:4:5: fairness: 'min_group_rows' is 0, was 30 (old.yaml:7:21)" NO_REASON, 1, 1, 0},
    {"a preset that is gone asks for what it stood for",
     FAIR "    attributes: [sex]\n    preset: equalized_odds\n", FAIR "    attributes: [sex]\n",
     "new.yaml:4:5: fairness: the check 'equalized_odds_difference <= 0.1' is gone (old.yaml:7:13)" NO_REASON,
     1, 1, 0},
    /* repro */
    {"runs", REPRO(", runs: 3"), REPRO(", runs: 2"),
     "new.yaml:2:97: repro: 'runs' is 2, was 3 (old.yaml:2:97)" NO_REASON, 1, 1, 0},
    {"a variation that is gone", REPRO(", vary: [threads, time]"), REPRO(", vary: [threads]"),
     "new.yaml:2:97: repro: 'vary' no longer has 'time' (old.yaml:2:107)" NO_REASON, 1, 1, 0},
    {"none is no variation", REPRO(", vary: [none]"), REPRO(", vary: [threads]"), NULL, 0, 0, 0},
    {"all variations are gone", REPRO(", vary: [threads]"), REPRO(", vary: [none]"),
     "new.yaml:2:97: repro: 'vary' no longer has 'threads' (old.yaml:2:98)" NO_REASON, 1, 1, 0},
    {"memory without a limit", REPRO(", memory: 100000000"), REPRO(""),
     "new.yaml:2:9: repro: 'memory' is 0, was 100000000 (old.yaml:2:99)" NO_REASON, 1, 1, 0},
    {"memory gets a limit", REPRO(""), REPRO(", memory: 100000000"), NULL, 0, 0, 0},
    {"network", REPRO(""), REPRO(", network: true"),
     "new.yaml:2:100: repro: 'network' is true, was false (old.yaml:2:9)" NO_REASON, 1, 1, 0},
    {"what is inherited", REPRO(""), REPRO(", inherit: [CUDA_HOME]"),
     "new.yaml:2:101: repro: 'inherit' now has 'CUDA_HOME' (old.yaml:2:9)" NO_REASON, 1, 1, 0},
    {"a run may take longer", REPRO(", timeout: 10"), REPRO(", timeout: 20"),
     "new.yaml:2:100: repro: 'timeout' is 20, was 10 (old.yaml:2:100)" NO_REASON, 1, 1, 0},
    {"nothing to compare with", REPRO(", against: m.npz"), REPRO(""),
     "new.yaml:2:9: repro: 'against' is not given, was m.npz (old.yaml:2:100)" NO_REASON, 1, 1, 0},
    {"an input that is gone", REPRO(", inputs: [x, y]"), REPRO(", inputs: [x]"),
     "new.yaml:2:99: repro: 'inputs' no longer has 'y' (old.yaml:2:103)" NO_REASON, 1, 1, 0},
    /* waivers */
    {"a waiver is new and has a reason of its own", ONE("f1 >= 0.7"), WAIVER("2027-01-31"),
     "new.yaml:7:11: 'accuracy / f1 >= 0.7' is waived until 2027-01-31, and was not (old.yaml:1:1); because: "
     "r",
     1, 0, 0},
    {"a waiver that is extended for the same reason", WAIVER("2027-01-31"), WAIVER("2027-02-28"),
     "new.yaml:7:11: 'accuracy / f1 >= 0.7' is waived until 2027-02-28, was until 2027-01-31 "
     "(old.yaml:7:11)" OLD_REASON,
     1, 1, 0},
    {"a waiver that moves to another check",
     TWO("f1 >= 0.7", "accuracy >= 0.5") "waivers: [{check: accuracy / f1 >= 0.7, reason: r, owner: o, "
                                         "expires: 2027-01-31}]\n",
     TWO("f1 >= 0.7", "accuracy >= 0.5") "waivers: [{check: accuracy / accuracy >= 0.5, reason: r, owner: o, "
                                         "expires: 2027-01-31}]\n",
     "new.yaml:8:11: 'accuracy / accuracy >= 0.5' is waived until 2027-01-31, and was not "
     "(old.yaml:8:10)" OLD_REASON,
     1, 1, 0},
    {"a waiver that ends earlier", WAIVER("2027-02-28"), WAIVER("2027-01-31"), NULL, 0, 0, 0},
    {"a waiver that is gone", WAIVER("2027-02-28"), ONE("f1 >= 0.7"), NULL, 0, 0, 0},
};

static void tells(void **state)
{
    const struct row *row = *state;
    struct comparison comparison;
    struct mlg_builder out;
    compare(&comparison, row->before, row->after);
    mlg_builder_init(&out, 0);
    mlg_loosened_put_text(&comparison.found, &out);
    if (row->says) {
        out.data[strcspn(out.data, "\n")] = '\0';
        assert_string_equal(out.data, row->says);
    }
    assert_int_equal(comparison.found.weaker, row->weaker);
    assert_int_equal(comparison.found.unexplained, row->unexplained);
    assert_int_equal(comparison.found.notes, row->notes);
    mlg_builder_free(&out);
    mlg_arena_free(&comparison.arena);
}

static void nothing_against_itself(void **state)
{
    struct comparison comparison;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        compare(&comparison, rows[i].after, rows[i].after);
        if (comparison.found.count)
            fail_msg("%s: against itself: %s", rows[i].name, comparison.found.items[0].text);
        mlg_arena_free(&comparison.arena);
    }
}

/* ---- every key has a direction ----------------------------------------------------------------------- */

static bool is_scalar(const struct mlg_param *row)
{
    return row->kind == &mlg_kind_number || row->kind == &mlg_kind_share || row->kind == &mlg_kind_integer ||
           row->kind == &mlg_kind_boolean || row->kind == &mlg_kind_choice || row->kind == &mlg_kind_text;
}

static bool is_list(const struct mlg_param *row)
{
    return row->kind == &mlg_kind_texts || row->kind == &mlg_kind_slices ||
           row->kind == &mlg_kind_attributes || row->kind == &mlg_kind_exclusions ||
           row->kind == &mlg_kind_bins;
}

static void every_key_says_what_is_weaker(void **state)
{
    struct mlg_arena arena;
    size_t count = 0;
    (void)state;
    mlg_arena_init(&arena, 0);
    for (const struct mlg_table_of_rows *table = mlg_config_tables(&arena); table->rows; table++)
        for (const struct mlg_param *row = table->rows; row->name; row++, count++) {
            if (row->weaker == MLG_WEAKER_UNSTATED)
                fail_msg("'%s' (%s) does not say which change of it asks for less: add '.weaker'", row->name,
                         table->title);
            const bool of_scalars = row->weaker == MLG_WEAKER_LOWER || row->weaker == MLG_WEAKER_HIGHER ||
                                    row->weaker == MLG_WEAKER_HIGHER_OR_ZERO;
            const bool of_lists = row->weaker == MLG_WEAKER_MORE || row->weaker == MLG_WEAKER_NARROWER ||
                                  row->weaker == MLG_WEAKER_FEWER_OR_OTHER;
            if ((of_scalars && !is_scalar(row)) || (of_lists && !is_list(row)) ||
                (row->weaker == MLG_WEAKER_FEWER && !is_list(row) && row->kind != &mlg_kind_text))
                fail_msg("'%s' (%s) takes a %s, of which nothing is more or less", row->name, table->title,
                         row->kind->name);
        }
    assert_true(count > 50);
    mlg_arena_free(&arena);
}

/* ---- other languages --------------------------------------------------------------------------------- */

static const char hostile_after[] = GATE "    name: \"::error::x|<b>@you\\n\"\n"
                                         "    because: \"f1 | `x`\\n::set-output\"\n"
                                         "    checks: [f1 >= 0.6]\n";

static void text_is_one_line_each(void **state)
{
    struct comparison comparison;
    struct mlg_builder out;
    (void)state;
    compare(&comparison, ONE("f1 >= 0.7"), hostile_after);
    mlg_builder_init(&out, 0);
    mlg_loosened_put_text(&comparison.found, &out);
    size_t lines = 0;
    for (const char *c = out.data; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 3); /* a limit, the name, the sum */
    assert_null(strstr(out.data, "\n::"));
    mlg_builder_free(&out);
    mlg_arena_free(&comparison.arena);
}

static void markdown_is_escaped(void **state)
{
    struct comparison comparison;
    (void)state;
    compare(&comparison, ONE("f1 >= 0.7"), hostile_after);
    assert_puts(
        mlg_loosened_put_markdown, &comparison,
        "### Asked for\n\n1 thing asks for less, 0 of them without a 'because'; 1 asks for something "
        "else.\n\n"
        "| | what | now at | before at | because |\n|---|---|---|---|---|\n"
        "| weaker | ::error::x\\|&lt;b&gt;@<!-- -->you : 'f1 &gt;= 0.6' asks for less than 'f1 &gt;= 0.7' | "
        "new.yaml:7:14 | old.yaml:6:9 | f1 \\| \\`x\\` ::set-output |\n"
        "| other | ::error::x\\|&lt;b&gt;@<!-- -->you : 'name' is ::error::x\\|&lt;b&gt;@<!-- -->you , was "
        "accuracy | new.yaml:4:5 | old.yaml:4:5 |  |\n");
    mlg_arena_free(&comparison.arena);
}

static void markdown_counts_what_it_leaves_out(void **state)
{
    struct comparison comparison;
    struct mlg_builder before, out;
    (void)state;
    mlg_builder_init(&before, 0);
    mlg_builder_init(&out, 0);
    mlg_put(&before, ONE("accuracy >= 0.5"));
    for (int i = 0; i < MLG_LOOSENED_SHOWN + 3; i++)
        mlg_put_format(&before, "      - fbeta(beta=%d) >= 0.1\n", i + 2);
    compare(&comparison, before.data, ONE("accuracy >= 0.5"));
    mlg_loosened_put_markdown(&comparison.found, &out);
    assert_non_null(strstr(out.data, " and 3 more; `mlgate loosened` tells them all.\n"));
    mlg_builder_free(&before);
    mlg_builder_free(&out);
    mlg_arena_free(&comparison.arena);
}

/* Long names are cut, and what has no room is counted: every row is whole. */
static void markdown_keeps_within_its_room(void **state)
{
    enum { MANY = MLG_LOOSENED_SHOWN - 1, LONG = 900 };
    struct comparison comparison;
    struct mlg_builder before, after, out;
    static char name[LONG + 1], reason[2 * LONG + 1];
    size_t lines = 0;
    unsigned long left_out = 0;
    (void)state;
    memset(name, '@', LONG);
    memset(reason, '@', sizeof reason - 1);
    mlg_builder_init(&before, 0);
    mlg_builder_init(&after, 0);
    mlg_put(&before, DATA "gates:\n");
    mlg_put(&after, DATA "gates:\n");
    for (int i = 0; i < MANY; i++) {
        mlg_put_format(&before, "  - {gate: accuracy, name: \"%d%s\", checks: [f1 >= 0.7]}\n", i, name);
        mlg_put_format(&after,
                       "  - {gate: accuracy, name: \"%d%s\", because: \"a%s\", checks: [f1 >= 0.6]}\n", i,
                       name, reason);
    }
    compare(&comparison, before.data, after.data);
    assert_int_equal(comparison.found.count, MANY);
    mlg_builder_init(&out, 0);
    mlg_loosened_put_markdown(&comparison.found, &out);
    assert_true(out.size > MLG_LOOSENED_ROOM / 2 && out.size <= MLG_LOOSENED_ROOM);
    for (const char *line = out.data; *line; line += strcspn(line, "\n") + 1) {
        const char *end = line + strcspn(line, "\n");
        assert_true(*end == '\n' && (*line != '|' || end[-1] == '|'));
        lines += *line == '|' && line[1] != '-';
        (void)sscanf(line, "\xe2\x80\xa6 and %lu more", &left_out);
    }
    assert_true(left_out > 0);
    assert_int_equal(lines - 1 + left_out, MANY);
    assert_non_null(strstr(out.data, "@<!-- -->\xe2\x80\xa6 |"));
    mlg_builder_free(&before);
    mlg_builder_free(&after);
    mlg_builder_free(&out);
    mlg_arena_free(&comparison.arena);
}

static void json_has_everything(void **state)
{
    struct comparison comparison;
    (void)state;
    compare(&comparison, ONE("f1 >= 0.7"), ONE("{check: f1 >= 0.6, because: \"a \\\"b\\\"\"}"));
    assert_puts(
        mlg_loosened_put_json, &comparison,
        "{\n  \"schema\": \"mlgate-loosened/1\",\n  \"before\": \"old.yaml\",\n  \"after\": \"new.yaml\",\n"
        "  \"weaker\": 1,\n  \"unexplained\": 0,\n  \"notes\": 0,\n  \"changes\": [\n"
        "    { \"kind\": \"weaker\", \"key\": \"limit\", \"gate\": \"accuracy\", \"data\": null, \"check\": "
        "\"f1 >= 0.6\", \"checks\": 1,\n"
        "      \"text\": \"accuracy: 'f1 >= 0.6' asks for less than 'f1 >= 0.7'\",\n"
        "      \"before\": {\"value\": \"0.7\", \"file\": \"old.yaml\", \"line\": 6, \"column\": 9},\n"
        "      \"after\": {\"value\": \"0.6\", \"file\": \"new.yaml\", \"line\": 6, \"column\": 17},\n"
        "      \"because\": \"a \\\"b\\\"\", \"explained\": true }\n  ]\n}\n");
    mlg_arena_free(&comparison.arena);
}

/* ---- memory ---------------------------------------------------------------------------------------------
 */

static void without_memory_it_is_an_error(void **state)
{
    struct mlg_arena plenty, little;
    struct mlg_loosened found;
    size_t refused = 0;
    (void)state;
    mlg_arena_init(&plenty, 0);
    const struct mlg_suite *before = load(&plenty, "old.yaml", rows[0].before);
    const struct mlg_suite *after = load(&plenty, "new.yaml", rows[0].after);
    for (size_t size = 1; size < 20000; size += 97) {
        struct mlg_error error = {0};
        mlg_arena_init(&little, size);
        const int code = mlg_loosened_find(before, after, &little, &found, &error);
        assert_true(code == MLG_LIMIT || (code == MLG_OK && found.weaker == 1));
        refused += code == MLG_LIMIT;
        mlg_arena_free(&little);
    }
    assert_true(refused > 0);
    mlg_arena_free(&plenty);
}

int main(void)
{
    static const struct CMUnitTest others[] = {cmocka_unit_test(nothing_against_itself),
                                               cmocka_unit_test(every_key_says_what_is_weaker),
                                               cmocka_unit_test(text_is_one_line_each),
                                               cmocka_unit_test(markdown_is_escaped),
                                               cmocka_unit_test(markdown_counts_what_it_leaves_out),
                                               cmocka_unit_test(markdown_keeps_within_its_room),
                                               cmocka_unit_test(json_has_everything),
                                               cmocka_unit_test(without_memory_it_is_an_error)};
    static struct CMUnitTest told[COUNT(rows)];
    size_t count = 0;
    NAMED_ROWS(told, count, rows, tells);
    return _cmocka_run_group_tests("told", told, count, NULL, NULL) +
           cmocka_run_group_tests(others, NULL, NULL);
}
