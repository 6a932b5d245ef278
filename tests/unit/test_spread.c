/* How far a metric moves over what several runs wrote, and the verdicts of a suite on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "mlgate/repro.h"
#include "mlgate/spread.h"
#include "named_rows.h"
#include "suite_run.h"

/* ---- values described -------------------------------------------------------------------------------- */

/* numpy: min, max, mean, std(ddof=1); mean -+ t sd / sqrt(k) and mean -+ t sd sqrt(1 + 1 / k), t of
 * scipy.stats.t.ppf(confidence, k - 1) */
static struct described {
    const char *name;
    double values[8];
    size_t count;
    double confidence;
    double minimum, maximum, mean, sd, all_lower, all_upper, next_lower, next_upper;
    size_t smallest, largest;
} described[] = {
    {.name = "three seeds",
     .values = {.758, .766, .7635},
     .count = 3,
     .confidence = .95,
     .minimum = .758,
     .maximum = .766,
     .mean = 0.7625000000000001,
     .sd = 0.004092676385936222,
     .all_lower = 0.7556003432579661,
     .all_upper = 0.769399656742034,
     .next_lower = 0.7487006865159321,
     .next_upper = 0.776299313484068,
     .smallest = 0,
     .largest = 1},
    {.name = "five runs of a network",
     .values = {.943, .9402, .9305, .9444, .9416},
     .count = 5,
     .confidence = .95,
     .minimum = .9305,
     .maximum = .9444,
     .mean = 0.93994,
     .sd = 0.0055043619067063525,
     .all_lower = 0.9346921916329612,
     .all_upper = 0.9451878083670388,
     .next_lower = 0.9270855472328469,
     .next_upper = 0.9527944527671531,
     .smallest = 2,
     .largest = 3},
    {.name = "more confidence, wider bounds",
     .values = {.943, .9402, .9305, .9444, .9416},
     .count = 5,
     .confidence = .99,
     .minimum = .9305,
     .maximum = .9444,
     .mean = 0.93994,
     .sd = 0.0055043619067063525,
     .all_lower = 0.9307164188404118,
     .all_upper = 0.9491635811595882,
     .next_lower = 0.9173469325578605,
     .next_upper = 0.9625330674421395,
     .smallest = 2,
     .largest = 3},
    {.name = "two values have one degree of freedom",
     .values = {12.5, 13.25},
     .count = 2,
     .confidence = .95,
     .minimum = 12.5,
     .maximum = 13.25,
     .mean = 12.875,
     .sd = 0.5303300858899106,
     .all_lower = 10.507343181996863,
     .all_upper = 15.242656818003137,
     .next_lower = 8.774098096331706,
     .next_upper = 16.975901903668294,
     .smallest = 0,
     .largest = 1},
    {.name = "values that are alike have no spread",
     .values = {.5, .5, .5},
     .count = 3,
     .confidence = .95,
     .minimum = .5,
     .maximum = .5,
     .mean = .5,
     .all_lower = .5,
     .all_upper = .5,
     .next_lower = .5,
     .next_upper = .5},
    {.name = "large values lose no digits of their spread",
     .values = {1e9 + 1, 1e9 + 2, 1e9 + 4},
     .count = 3,
     .confidence = .9,
     .minimum = 1e9 + 1,
     .maximum = 1e9 + 4,
     .mean = 1000000002.3333334,
     .sd = 1.5275252316519474,
     .all_lower = 1000000000.6703745,
     .all_upper = 1000000003.9962922,
     .next_lower = 999999999.0074157,
     .next_upper = 1000000005.6592511,
     .smallest = 0,
     .largest = 2},
    {.name = "one value bounds nothing",
     .values = {.75},
     .count = 1,
     .confidence = .95,
     .minimum = .75,
     .maximum = .75,
     .mean = .75,
     .all_lower = (double)-INFINITY,
     .all_upper = (double)INFINITY,
     .next_lower = (double)-INFINITY,
     .next_upper = (double)INFINITY},
};

static void assert_near(double value, double expected)
{
    if (!(value == expected || fabs(value - expected) <= 1e-12 * fmax(1, fabs(expected))))
        fail_msg("%.17g is not %.17g", value, expected);
}

static void describes(void **state)
{
    const struct described *row = *state;
    const struct mlg_spread spread = mlg_spread_of(row->values, row->count, row->confidence);
    assert_int_equal(spread.count, row->count);
    assert_near(spread.minimum, row->minimum);
    assert_near(spread.maximum, row->maximum);
    assert_near(spread.mean, row->mean);
    assert_near(spread.sd, row->sd);
    assert_near(spread.all_runs.lower, row->all_lower);
    assert_near(spread.all_runs.upper, row->all_upper);
    assert_near(spread.next_run.lower, row->next_lower);
    assert_near(spread.next_run.upper, row->next_upper);
    assert_int_equal(spread.smallest, row->smallest);
    assert_int_equal(spread.largest, row->largest);
}

/* ---- a metric on what runs wrote --------------------------------------------------------------------- */

static struct measured {
    const char *name, *check, *tables[4], *positive, *score;
    const char *told; /* "value least most", group, ratio, rows; or why not; or the mistake in the check */
} measured[] = {
    {.name = "the spread of accuracy is a ratio of counts",
     .check = "metric_spread(p.csv, accuracy)",
     .tables = {"y,p\n1,1\n0,0\n1,1\n0,0\n", "y,p\n1,1\n0,0\n1,1\n0,1\n", "y,p\n1,0\n0,0\n1,1\n0,1\n"},
     .told = "0.5 = 2/4, least 2, most 0, 4 rows"},
    {.name = "runs that score alike have no spread, whatever rows they have right",
     .check = "metric_spread(p.csv, accuracy)",
     .tables = {"y,p\n1,1\n0,1\n", "y,p\n1,0\n0,0\n"},
     .told = "0 = 0/2, least 0, most 0, 2 rows"},
    {.name = "the metric takes its own arguments",
     .check = "metric_spread(p.csv, recall, class=0)",
     .tables = {"y,p\n1,1\n0,0\n0,0\n", "y,p\n1,1\n0,0\n0,1\n"},
     .told = "0.5 = 1/2, least 1, most 0, 3 rows"},
    {.name = "arguments by name stand in any order",
     .check = "metric_spread(class=0, metric=recall, file=p.csv)",
     .tables = {"y,p\n1,1\n0,0\n0,0\n", "y,p\n1,1\n0,0\n0,1\n"},
     .told = "0.5 = 1/2, least 1, most 0, 3 rows"},
    {.name = "a mean loss has a spread too",
     .check = "metric_spread(p.csv, mae)",
     .tables = {"y,p\n1,2\n2,3\n", "y,p\n1,1.5\n2,2.5\n"},
     .told = "0.5, least 1, most 0, 2 rows"},
    {.name = "scores are read where there are some",
     .check = "metric_spread(p.csv, roc_auc)",
     .tables = {"y,s\n1,0.9\n0,0.1\n1,0.8\n0,0.2\n", "y,s\n1,0.9\n0,0.85\n1,0.8\n0,0.2\n"},
     .score = "s",
     .told = "0.25, least 1, most 0, 4 rows"},
    {.name = "the positive class is the gate's",
     .check = "metric_spread(p.csv, recall)",
     .tables = {"y,p\nyes,yes\nno,no\nyes,yes\n", "y,p\nyes,yes\nno,no\nyes,no\n"},
     .positive = "yes",
     .told = "0.5 = 1/2, least 1, most 0, 3 rows"},
    {.name = "of groups the one that moves most is told",
     .check = "group_spread(p.csv, accuracy, g)",
     .tables = {"y,p,g\n1,1,a\n0,0,a\n1,1,b\n0,0,b\n", "y,p,g\n1,1,a\n0,0,a\n1,0,b\n0,0,b\n"},
     .told = "0.5 = 1/2, least 1, most 0, 2 rows of g=b"},
    {.name = "a missing value is a group of its own",
     .check = "group_spread(p.csv, accuracy, g)",
     .tables = {"y,p,g\n1,1,a\n0,0,a\n1,1,\n0,0,\n", "y,p,g\n1,1,a\n0,0,a\n1,0,\n0,0,\n"},
     .told = "0.5 = 1/2, least 1, most 0, 2 rows of g=(missing)"},
    {.name = "a group that a run has no rows of makes it undefined",
     .check = "group_spread(p.csv, accuracy, g)",
     .tables = {"y,p,g\n1,1,a\n0,0,a\n", "y,p,g\n1,1,a\n0,0,b\n"},
     .told = "undefined: run 1 has no rows of g=b, which other runs have"},
    {.name = "a metric that is undefined in a run makes it undefined",
     .check = "metric_spread(p.csv, precision)",
     .tables = {"y,p\n1,1\n0,0\n", "y,p\n1,0\n0,0\n"},
     .told = "undefined: precision of run 2 is undefined: "},
    {.name = "a column that is not there names the output and not where it is kept",
     .check = "metric_spread(p.csv, accuracy)",
     .tables = {"y,p\n1,1\n0,0\n", "y,q\n1,1\n0,0\n"},
     .told = "undefined: run 2: column 'p' (prediction) is not in 'p.csv'; columns: y, q"},
    {.name = "a group column that is not there names the output",
     .check = "group_spread(p.csv, accuracy, h)",
     .tables = {"y,p,g\n1,1,a\n0,0,a\n", "y,p,g\n1,1,a\n0,0,a\n"},
     .told = "undefined: run 1: "},
    {.name = "an output without a metric is a mistake",
     .check = "metric_spread(p.csv)",
     .told =
         "'metric_spread' needs an output and a metric, such as metric_spread(predictions.csv, accuracy)"},
    {.name = "groups need a column",
     .check = "group_spread(p.csv, accuracy)",
     .told = "'group_spread' needs an output, a metric and a column, such as "
             "group_spread(predictions.csv, accuracy, sex)"},
    {.name = "a metric that there is not is a mistake",
     .check = "metric_spread(p.csv, acuracy)",
     .told = "unknown quantity 'acuracy'; did you mean 'accuracy'?"},
    {.name = "an argument that the metric has not is a mistake",
     .check = "metric_spread(p.csv, accuracy, k=3)",
     .told = "'accuracy' takes no arguments, but 'k' was given"},
};

static void put_found(const struct mlg_spread_found *found, struct mlg_builder *out)
{
    if (found->undefined) {
        mlg_put_format(out, "undefined: %s", found->undefined);
        return;
    }
    mlg_put_number(out, found->value);
    if (found->denominator)
        mlg_put_format(out, " = %llu/%llu", (unsigned long long)found->numerator,
                       (unsigned long long)found->denominator);
    mlg_put_format(out, ", least %zu, most %zu, %llu rows%s%s", found->spread.smallest, found->spread.largest,
                   (unsigned long long)found->rows, found->group ? " of " : "",
                   found->group ? found->group : "");
}

static void measures(void **state)
{
    static const char *const files[] = {"/kept/1/p.csv", "/kept/2/p.csv", "/kept/3/p.csv", "/kept/4/p.csv"};
    static const char *const names[] = {"run 1", "run 2", "run 3", "run 4"};
    const struct measured *row = *state;
    struct world_memory memory;
    struct mlg_arena arena;
    struct mlg_check check;
    struct mlg_call call;
    struct mlg_builder told;
    struct mlg_error error = {0};
    struct mlg_data data = mlg_data_defaults;
    const struct mlg_suite suite = {0};
    world_memory_init(&memory);
    mlg_arena_init(&arena, 0);
    mlg_builder_init(&told, 0);
    data.name = "p.csv";
    data.label = "y";
    data.prediction = row->score ? NULL : "p";
    data.score.column = row->score;
    data.positive = row->positive;
    assert_int_equal(mlg_check_parse(row->check, strlen(row->check), &arena, &check, &error), MLG_OK);
    if (mlg_repro_resolve(&check, &arena, &call, &error) != MLG_OK) {
        mlg_put(&told, error.text);
    } else {
        struct mlg_gate_run run = {.suite = &suite, .world = &memory.world, .threads = 1, .arena = &arena};
        struct mlg_spread_found found;
        struct mlg_spread_order order = {.run = &run,
                                         .data = &data,
                                         .call = call.inner,
                                         .column = call.arguments.column,
                                         .output = "p.csv",
                                         .files = files,
                                         .run_names = names,
                                         .confidence = 0.95};
        for (; order.count < 4 && row->tables[order.count]; order.count++)
            world_memory_text(&memory, files[order.count], row->tables[order.count]);
        assert_string_equal(call.arguments.file, "p.csv");
        assert_int_equal(mlg_spread_measure(&order, &arena, &found, &error), MLG_OK);
        put_found(&found, &told);
    }
    if (strncmp(told.data, row->told, strlen(row->told)) != 0)
        fail_msg("'%s' is not '%s'", told.data, row->told);
    assert_null(strstr(told.data, "/kept/"));
    mlg_builder_free(&told);
    mlg_arena_free(&arena);
    world_memory_free(&memory);
}

/* ---- the suite's verdicts on them ---------------------------------------------------------------------- */

#define SUITE                                                                                                \
    "version: 1\ndecide: point\n"                                                                            \
    "data: {test: {path: test.csv, label: y, prediction: p}, other: {path: other.csv, label: y, "            \
    "prediction: "                                                                                           \
    "p}}\n"                                                                                                  \
    "gates:\n"                                                                                               \
    "  - {gate: accuracy, name: here, data: test, checks: [accuracy >= 0.7, rows >= 4]}\n"                   \
    "  - {gate: accuracy, name: there, data: other, checks: [accuracy >= 0.5]}\n"                            \
    "  - {gate: repro, run: [x, \"{output}\"], outputs: [p.csv], prediction: p, checks: [flips(p.csv)]}\n"

static struct rejudging {
    const char *name, *yaml, *table;
    const char *told; /* "ID: VERDICT; ..." or the first check that is an error */
} rejudgings[] = {
    {.name = "gates that read the source are judged on the other file, others and the runs' own are not",
     .yaml = SUITE,
     .table = "y,p\n1,1\n0,0\n1,0\n0,0\n",
     .told = "here / accuracy >= 0.7: pass; here / rows >= 4: pass; "},
    {.name = "another file has other verdicts",
     .yaml = SUITE,
     .table = "y,p\n1,1\n0,1\n1,0\n",
     .told = "here / accuracy >= 0.7: fail; here / rows >= 4: fail; "},
    {.name = "what is judged together stays together",
     .yaml = SUITE "family: holm\n",
     .table = "y,p\n1,1\n0,0\n1,0\n0,0\n",
     .told = "here / accuracy >= 0.7: pass; here / rows >= 4: pass; there / accuracy >= 0.5: pass; "},
    {.name = "a waiver hides no verdict",
     .yaml = SUITE "waivers: [{check: 'here / accuracy >= 0.7', reason: r, owner: o, expires: 2099-01-01}]\n",
     .table = "y,p\n1,1\n0,1\n1,0\n",
     .told = "here / accuracy >= 0.7: fail; here / rows >= 4: fail; "},
    {.name = "a check that cannot be measured is told, and names the source and not the file",
     .yaml = SUITE,
     .table = "y,q\n1,1\n0,1\n1,0\n",
     .told = "error: 'here / accuracy >= 0.7' could not be judged: column 'p' (prediction) is not in 'test'; "
             "columns: y, q"},
};

static void rejudges(void **state)
{
    const struct rejudging *row = *state;
    const char *keys[] = {"test"}, *values[] = {"/kept/1/p.csv"};
    const struct mlg_map files = {keys, values, 1};
    struct suite_run run;
    struct mlg_diagnostics list;
    struct mlg_rejudged rejudged;
    struct mlg_error error = {0};
    struct mlg_builder told;
    suite_run_begin(&run);
    mlg_builder_init(&told, 0);
    mlg_diagnostics_init(&list, &run.arena);
    world_memory_text(&run.world, "other.csv", "y,p\n1,1\n0,0\n");
    world_memory_text(&run.world, values[0], row->table);
    const struct mlg_node *root =
        mlg_yaml_parse("mlgate.yaml", row->yaml, strlen(row->yaml), &run.arena, &list);
    struct mlg_suite *suite =
        mlg_suite_load(root, "mlgate.yaml", mlg_gates, NULL, NULL, 0, &run.arena, &list);
    if (!suite)
        fail_msg("%s", list.items[0].text);
    struct mlg_gate_run gate = {.suite = suite,
                                .config = &suite->gates[2],
                                .world = &run.world.world,
                                .threads = 1,
                                .arena = &run.arena};
    assert_true(mlg_rejudge_reads(suite, suite->gates[2].gate, &files));
    assert_int_equal(mlg_rejudge(&gate, &files, &run.arena, &rejudged, &error), MLG_OK);
    if (rejudged.error)
        mlg_put_format(&told, "error: %s", rejudged.error);
    for (size_t i = 0; !rejudged.error && i < rejudged.count; i++)
        mlg_put_format(&told, "%s: %s; ", rejudged.ids[i], mlg_verdicts[rejudged.verdicts[i]].word);
    if (strncmp(told.data, row->told, strlen(row->told)) != 0)
        fail_msg("'%s' is not '%s'", told.data, row->told);
    assert_null(strstr(told.data, "/kept/"));
    mlg_builder_free(&told);
    suite_run_end(&run);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(described) + COUNT(measured) + COUNT(rejudgings)];
    size_t count = 0;
    NAMED_ROWS(tests, count, described, describes);
    NAMED_ROWS(tests, count, measured, measures);
    NAMED_ROWS(tests, count, rejudgings, rejudges);
    return _cmocka_run_group_tests("spread", tests, count, NULL, NULL);
}
