/* Whole command lines in a world of memory, and every parameter row of every table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../plugins/plugins.h"
#include "mlgate/metric.h"
#include "named_rows.h"
#include "world_memory.h"

static const char csv[] = "label,predicted,sex\n"
                          "1,1,f\n1,1,m\n0,0,f\n0,0,m\n1,0,f\n0,0,m\n1,1,m\n0,1,f\n0,0,f\n1,1,m\n";
static const char config[] = "version: 1\n"
                             "data: {test: {path: test.csv, label: label, prediction: predicted}}\n"
                             "gates:\n"
                             "  - {gate: accuracy, checks: [accuracy >= 0.1]}\n";

static void begin(struct world_memory *memory)
{
    world_memory_init(memory);
    world_memory_text(memory, "test.csv", csv);
    world_memory_text(memory, "mlgate.yaml", config);
}

/* Runs one command line, its words separated by '|'; "accuracy" first means that executable. */
static int run(struct world_memory *memory, const char *line)
{
    char text[2000];
    const char *words[64];
    size_t count = 0;
    const struct mlg_gate *gate = NULL;
    snprintf(text, sizeof text, "%s", line);
    for (char *word = text; word && *word;) {
        char *end = strchr(word, '|');
        if (end)
            *end++ = '\0';
        words[count++] = word;
        word = end;
    }
    size_t first = 1;
    if (strcmp(words[0], "mlgate-accuracy") == 0)
        gate = mlg_gates[0];
    else
        assert_string_equal(words[0], "mlgate");
    return mlg_plugin_main(&memory->world, gate, words + first, count - first);
}

static void assert_holds(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is not in: %s", part, text);
}

static void assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("'%s' is in: %s", part, text);
}

/* ---- command lines ------------------------------------------------------------------------------------- */

struct line_row {
    const char *sentence, *line;
    int code;
    const char *output, *errors; /* what they hold; NULL: nothing at all is there */
};

#define GATE "mlgate-accuracy|--data|test.csv|--label|label|--prediction|predicted"

static const struct line_row lines[] = {
    {"a gate that holds passes", GATE "|--check|accuracy >= 0.1", 0, "passed: 1 passed", NULL},
    {"a gate that does not hold fails", GATE "|--check|accuracy >= 0.999|--decide|point", 1, "1 failed",
     NULL},
    {"a gate that cannot tell is inconclusive", GATE "|--check|accuracy >= 0.8", 2, "1 inconclusive", NULL},
    {"a value may follow an equals sign", GATE "|--check=accuracy >= 0.1", 0, "passed", NULL},
    {"checks may be repeated", GATE "|--check|accuracy >= 0.1|--check=recall >= 0.05", 0, "2 passed", NULL},
    {"slices may be a list", GATE "|--check|accuracy >= 0.1|--slices|sex", 0, "sex=f", NULL},
    {"an empty flag is as if it were not given", GATE "|--check|accuracy >= 0.1|--positive=|--confidence=", 0,
     "95 %", NULL},
    {"a boolean flag may stand alone", GATE "|--check|accuracy >= 0.1|--allow-constant", 0, "passed", NULL},
    {"a boolean flag may have a value", GATE "|--check|accuracy >= 0.999|--decide|point|--enforce|false", 0,
     "not enforced", NULL},
    {"a flag beats the built-in value", GATE "|--check|accuracy >= 0.1|--confidence|90%", 0, "90 %", NULL},
    {"an unknown flag is answered with the near one", GATE "|--check|accuracy >= 0.1|--postive|1", 3, NULL,
     "mlgate-accuracy: unknown flag '--postive'; did you mean '--positive'?"},
    {"an unknown flag with a value inside", GATE "|--check|accuracy >= 0.1|--quux=1", 3, NULL,
     "unknown flag '--quux'; --help shows all"},
    {"one dash is no flag", GATE "|--check|accuracy >= 0.1|-x", 3, NULL,
     "unknown flag '-x'; flags have two dashes and their whole name"},
    {"a flag at the end without its value", GATE "|--check", 3, NULL,
     "flag '--check' has no value; write --check CHECK"},
    {"a flag followed by a flag has no value", GATE "|--check|--threads|1", 3, NULL,
     "flag '--check' has no value; write --check CHECK"},
    {"a flag that takes one value is given twice", GATE "|--check|accuracy >= 0.1|--threads|1|--threads=2", 3,
     NULL, "flag '--threads' is given more than once; it takes one value"},
    {"a stray word is a mistake", GATE "|--check|accuracy >= 0.1|stray", 3, NULL,
     "unexpected argument 'stray'; values belong to a flag, as in --flag VALUE"},
    {"a stray word behind a flag that takes several is one of its values",
     GATE "|--slices|a|b|--check|accuracy >= 0.1", 3, NULL,
     "unexpected argument 'b'; values belong to a flag, as in --flag VALUE; for several values repeat it: "
     "--slices b"},
    {"a stray word behind a flag that takes one is none", GATE "|--check|accuracy >= 0.1|--threads|1|stray",
     3, NULL, "unexpected argument 'stray'; values belong to a flag, as in --flag VALUE\n"},
    {"a flag's value is judged", GATE "|--check|accuracy >= 0.1|--confidence|95", 3, NULL,
     "--confidence: '95' is out of range"},
    {"several mistakes are told at once", GATE "|--quux|1|--confidence|95", 3, NULL,
     "3 mistakes in the options; nothing was judged"},
    {"a missing file is an error", "mlgate-accuracy|--data|no.csv|--label|label|--check|base_rate >= 0.1", 3,
     "ERR!", "mlgate-accuracy: cannot read 'no.csv': no such file\n"},
    {"the suite of a file passes", "mlgate|run", 0, "passed: 1 passed", NULL},
    {"a gate can be chosen", "mlgate|run|--only|accuracy", 0, "passed", NULL},
    {"a misspelt gate is answered with the near one", "mlgate|run|--only|acuracy", 3, NULL,
     "--only: no gate is named 'acuracy'; did you mean 'accuracy'?"},
    {"a strange gate is answered with all of them", "mlgate|run|--only|zzzz", 3, NULL,
     "mlgate: --only: no gate is named 'zzzz'; known are accuracy\n"},
    {"mistakes of the options are not the config's", "mlgate|run|--only|zzzz,yyyy", 3, NULL,
     "mlgate: 2 mistakes in the options; nothing was judged\n"},
    {"a run without mlgate.yaml says how to begin", "mlgate|run|--config=other/mlgate.yaml", 3, NULL,
     "cannot read 'other/mlgate.yaml'"},
    {"a check of a good config counts", "mlgate|check", 0, "mlgate.yaml: 1 check in 1 gate, no mistakes\n",
     NULL},
    {"a check can print every default", "mlgate|check|--expand", 0, "confidence: 0.95  # built-in", NULL},
    {"a flag is known to the expanded config", "mlgate|check|--expand|--seed|7", 0, "seed: 7  # --seed",
     NULL},
    {"no command is a mistake", "mlgate", 3, "usage: mlgate COMMAND", "no command is given"},
    {"a misspelt command is answered with the near one", "mlgate|explian|f1", 3, NULL,
     "mlgate: unknown command 'explian'; did you mean 'explain'?\n"},
    {"a flag is no command", "mlgate|--config|x", 3, NULL,
     "unexpected flag '--config'; a command comes first, as in mlgate run"},
    {"help is help", "mlgate|--help", 0, "usage: mlgate COMMAND", NULL},
    {"h is help", "mlgate|-h", 0, "usage: mlgate COMMAND", NULL},
    {"a command has help", "mlgate|run|--help", 0, "usage: mlgate run [--config PATH]", NULL},
    {"help knows the command", "mlgate|help|run", 0, "usage: mlgate run [--config PATH]", NULL},
    {"help wins over mistakes", GATE "|--quux|-h", 0, "usage: mlgate-accuracy", NULL},
    {"help of an unknown command", "mlgate|help|rnu", 3, NULL, "unknown command 'rnu'; did you mean 'run'?"},
    {"the version is printed", "mlgate|version", 0, "mlgate " MLG_VERSION "\n", NULL},
    {"the version is printed on a flag", "mlgate|--version", 0, "mlgate " MLG_VERSION "\n", NULL},
    {"an executable knows its version", "mlgate-accuracy|--version", 0, "mlgate-accuracy " MLG_VERSION "\n",
     NULL},
    {"the list has quantities, gates and reports", "mlgate|list", 0, "balanced_accuracy", NULL},
    {"the list can be a document", "mlgate|list|--markdown", 0, "| `balanced_accuracy(adjusted)` |", NULL},
    {"a quantity is explained", "mlgate|explain|f1", 0, "2 tp / (2 tp + fp + fn)", NULL},
    {"an alias is explained", "mlgate|explain|tpr", 0, "recall (quantity)", NULL},
    {"a gate is explained", "mlgate|explain|accuracy", 0, "accuracy (gate)", NULL},
    {"a method is explained", "mlgate|explain|wilson", 0, "wilson (interval)", NULL},
    {"an option is explained with its flag", "mlgate|explain|max_missing", 0,
     "--max-missing, in the environment MLGATE_MAX_MISSING", NULL},
    {"an argument is explained", "mlgate|explain|average", 0, "average (argument of quantities)", NULL},
    {"a verdict is explained", "mlgate|explain|inconclusive", 0, "inconclusive (verdict)", NULL},
    {"a report is explained", "mlgate|explain|junit", 0, "junit (report)", NULL},
    {"a rule's name is explained", "mlgate|explain|holm", 0, "holm (value of family)", NULL},
    {"a value is explained by its option", "mlgate|explain|softmax", 0, "link (option)", NULL},
    {"waivers are explained", "mlgate|explain|waivers", 0, "a list at the top level of mlgate.yaml", NULL},
    {"a waiver is explained", "mlgate|explain|waiver", 0, "waivers (key)", NULL},
    {"a command is explained", "mlgate|explain|run", 0, "run (command): judge all gates", NULL},
    {"a check is explained by its quantity", "mlgate|explain|roc_auc >= 0.8", 0, "roc_auc (quantity)", NULL},
    {"arguments do not hinder that", "mlgate|explain|roc_auc(max_fpr=0.1)", 0, "roc_auc (quantity)", NULL},
    {"a quantity within a quantity is explained too", "mlgate|explain|delta(tpr) >= 0", 0,
     "\nrecall (quantity)", NULL},
    {"what a quantity of a metric reads is the metric's business", "mlgate|explain|delta", 0,
     "reads           what METRIC reads\n", NULL},
    {"and so is the interval of a constant answer", "mlgate|explain|constant_score", 0,
     "interval        that of METRIC", NULL},
    {"the name of another library is answered with ours", "mlgate|explain|auc", 3, NULL,
     "did you mean 'roc_auc'?"},
    {"within a check too", "mlgate|explain|pr_auc >= 0.1", 3, NULL, "did you mean 'average_precision'?"},
    {"with arguments where they are meant", "mlgate|explain|f1_macro", 3, NULL,
     "did you mean 'f1(average=macro)'?"},
    {"what is described has a kind", "mlgate|describe", 3, NULL, "write 'mlgate describe KIND'"},
    {"a kind that is near is told", "mlgate|describe|acton", 3, NULL, "did you mean 'action'?"},
    {"an action is of a gate that there is", "mlgate|describe|action|accurate", 3, NULL,
     "no gate is called 'accurate'; 'mlgate list' shows all"},
    {"a completion is of a shell", "mlgate|describe|completion", 3, NULL, "bash, zsh or fish"},
    {"of one that is known", "mlgate|describe|completion|tcsh", 3, NULL, "'completion' knows no 'tcsh'"},
    {"some are the same for all", "mlgate|describe|inputs|accuracy", 3, NULL,
     "'inputs' is the same for all; leave 'accuracy' out"},
    {"help says which options are no keys", "mlgate|run|--help", 0,
     "Every option but --report, --no-cache and --platform is also read from the environment", NULL},
    {"help says how several values are given", "mlgate-accuracy|--help", 0,
     "with ... take several values: repeat the flag, as in --slices sex --slices age", NULL},
    {"of an executable too", "mlgate-accuracy|--help", 0, "Every option but --report and --platform is also",
     NULL},
    {"the list has quantities of groups", "mlgate|list", 0,
     "\ngroups (fairness gate); RATE is a quantity above, as in tpr_difference\n  RATE_difference(", NULL},
    {"the document has them too", "mlgate|list|--markdown", 0,
     "| `equalized_odds_difference(attribute, method, reference, agg)` |", NULL},
    {"with their arguments", "mlgate|list|--markdown", 0, "\n| `concentration` |", NULL},
    {"a quantity of groups is explained", "mlgate|explain|equalized_odds_difference", 0,
     "equalized_odds_difference (quantity of groups): ", NULL},
    {"one that is made of a rate", "mlgate|explain|selection_rate_ratio", 0,
     "RATE            selection_rate, which is told below\n", NULL},
    {"with the rate", "mlgate|explain|tpr_difference", 0, "\n\nrecall (quantity): ", NULL},
    {"within a check", "mlgate|explain|selection_rate_ratio(sex) >= 0.8", 0,
     "\n\nselection_rate (quantity): ", NULL},
    {"a name of fairlearn tells ours", "mlgate|explain|demographic_parity_difference", 0,
     "demographic_parity_difference is selection_rate_difference\n", NULL},
    {"the range is that of the rate", "mlgate|explain|mae_difference", 0, "range           0 or more\n",
     NULL},
    {"and so is the direction of a group's own value", "mlgate|explain|mae_group_max", 0,
     "direction       lower is better\n", NULL},
    {"an argument of groups is explained", "mlgate|explain|strata", 0,
     "strata (argument of quantities of groups): ", NULL},
    {"what needs an argument is explained without", "mlgate|explain|fbeta_signed_difference", 0,
     "fbeta_signed_difference (quantity of groups): ", NULL},
    {"what says nothing of groups is told", "mlgate|explain|mcc_ratio", 0,
     "refused         'mcc' can be negative", NULL},
    {"any rate is explained", "mlgate|explain|RATE_ratio", 0,
     "RATE            a quantity of the accuracy gate", NULL},
    {"an interval tells of groups as well", "mlgate|explain|koopman", 0, "RATE_ratio, equalized_odds_ratio",
     NULL},
    {"a name of AIF360 is answered with ours", "mlgate|explain|disparate_impact", 3, NULL,
     "did you mean 'selection_rate_ratio'?"},
    {"a short name of Clarify is answered with ours", "mlgate|explain|CI", 3, NULL,
     "did you mean 'class_imbalance'?"},
    {"a ratio of Aequitas is answered with ours", "mlgate|explain|prev_disparity", 3, NULL,
     "did you mean 'base_rate_ratio'?"},
    {"a misspelt quantity of groups is answered with the near one", "mlgate|explain|selection_rat_ratio", 3,
     NULL, "did you mean 'selection_rate_ratio'?"},
    {"an unknown name is answered with the near one", "mlgate|explain|recal", 3, NULL,
     "nothing is called 'recal'; did you mean 'recall'?"},
    {"a strange name is answered with where to look", "mlgate|explain|zzzzzz", 3, NULL,
     "nothing is called 'zzzzzz'; 'mlgate list' shows what there is"},
    {"nothing is explained without a name", "mlgate|explain", 3, NULL, "mlgate explain roc_auc"},
    {"one name is explained at a time", "mlgate|explain|f1|mcc", 3, NULL, "unexpected argument 'mcc'"},
    {"a report needs a kind", "mlgate|report|=x", 3, NULL, "'=x' is no report; write KIND=PATH"},
    {"a misspelt kind is answered with the near one", "mlgate|report|junti=x", 3, NULL,
     "unknown report 'junti'; did you mean 'junit'?"},
    {"a misspelt kind of a flag", "mlgate|run|--report|jsno=x", 3, NULL,
     "--report: unknown report 'jsno'; did you mean 'json'?"},
    {"a report without results says how to get them", "mlgate|report|junit=x", 3, NULL,
     "cannot read 'results.json': no such file; 'mlgate run --report json=results.json' writes one"},
};

static void test_line(void **state)
{
    const struct line_row *row = *state;
    struct world_memory memory;
    begin(&memory);
    int code = run(&memory, row->line);
    const char *output = memory.output[1].data, *errors = memory.output[2].data;
    if (code != row->code)
        fail_msg("it ended with %d: %s%s", code, output, errors);
    if (row->output)
        assert_holds(output, row->output);
    else
        assert_string_equal(output, "");
    if (row->errors)
        assert_holds(errors, row->errors);
    else
        assert_string_equal(errors, "");
    /* A failure to judge has at least one sentence, and the last line ends. */
    if (code == 3)
        assert_true(strlen(errors) > 0 && errors[strlen(errors) - 1] == '\n');
    world_memory_free(&memory);
}

/* ---- reports and files -----------------------------------------------------------------------------------
 */

static void test_stale_reports_go(void **state)
{
    (void)state;
    struct world_memory memory;
    begin(&memory);
    world_memory_text(&memory, "junit.xml", "old");
    world_memory_text(&memory, "results.json", "old");
    /* Even where the config itself cannot be read. */
    assert_int_equal(run(&memory, "mlgate|run|--config|no.yaml|--report|junit=junit.xml"), 3);
    assert_holds(world_memory_get(&memory, "junit.xml", NULL),
                 "cannot read &apos;no.yaml&apos;: no such file");
    /* With mistakes in the config they say so. */
    world_memory_text(&memory, "bad.yaml", "version: 1\nreports: {json: results.json}\nquux: 1\n");
    assert_int_equal(run(&memory, "mlgate|run|--config|bad.yaml|--report|junit=junit.xml"), 3);
    assert_holds(world_memory_get(&memory, "junit.xml", NULL), "<error");
    assert_holds(world_memory_get(&memory, "results.json", NULL), "unknown key 'quux'");
    assert_string_equal(memory.output[1].data, "");
    world_memory_free(&memory);
}

/* Whatever is wrong, what lies where a report would go is of this run or is gone. */
static void test_stale_reports_go_after_early_mistakes(void **state)
{
    (void)state;
    static const struct {
        const char *sentence, *config, *line, *report;
    } rows[] = {
        {"a mistake of YAML behind the reports", "version: 1\nreports: {junit: old}\ngates: [}\n",
         "mlgate|run", "<error"},
        {"a mistake of YAML within them", "version: 1\nreports: {junit: old, json: [}\n", "mlgate|run",
         "<error"},
        {"a mistake of YAML before them", "version: 1\ngates: [}\nreports: {junit: old}\n", "mlgate|run",
         "<error"},
        {"a list before them that never ends", "x: [\nversion: 1\nreports:\n  junit: old\n", "mlgate|run",
         "<error"},
        {"an alias that names nothing", "version: 1\nreports: {junit: old}\ngates: *x\n", "mlgate|run",
         "<error"},
        {"a kind given twice", config, "mlgate|run|--report|junit=old|--report|junit=j.xml", "given twice"},
        {"another report over the data", config, "mlgate|run|--report|junit=test.csv|--report|json=old",
         "would overwrite the data 'test.csv'"},
        {"another report over the config", config, "mlgate|run|--report|junit=mlgate.yaml|--report|json=old",
         "would overwrite 'mlgate.yaml'"},
        {"two others with one path", config,
         "mlgate|run|--report|junit=x|--report|console=./x|--report|json=old", "have the same path"},
        {"two with that path", config, "mlgate|run|--report|junit=old|--report|json=./old", NULL},
        {"reports of the environment", config, "mlgate|run|--bogus", "<error"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world_memory memory;
        begin(&memory);
        world_memory_text(&memory, "mlgate.yaml", rows[i].config);
        world_memory_text(&memory, "old", "pass");
        if (strstr(rows[i].line, "bogus"))
            world_memory_environment(&memory, "MLGATE_REPORTS", "junit=old");
        print_message("  %s\n", rows[i].sentence);
        assert_int_equal(run(&memory, rows[i].line), 3);
        const char *report = world_memory_get(&memory, "old", NULL);
        if (rows[i].report) {
            assert_non_null(report);
            assert_holds(report, rows[i].report);
        } else {
            assert_null(report);
        }
        world_memory_free(&memory);
    }
}

static void test_reports_that_may_be_old_are_told(void **state)
{
    (void)state;
    struct world_memory memory;
    begin(&memory);
    world_memory_text(&memory, "mlgate.yaml", "version: 1\ngates: [}\nreports: {junit: old\n");
    assert_int_equal(run(&memory, "mlgate|run"), 3);
    assert_holds(memory.output[2].data, "whether 'reports' stand behind the mistake is not known");
    world_memory_free(&memory);
}

static void test_data_behind_a_mistake_stay(void **state)
{
    (void)state;
    struct world_memory memory;
    begin(&memory);
    world_memory_text(&memory, "mlgate.yaml",
                      "x: [\nreports: {junit: test.csv}\ndata:\n  test: {path: ./test.csv}\n");
    world_memory_text(&memory, "test.csv", "data");
    assert_int_equal(run(&memory, "mlgate|run"), 3);
    assert_holds(memory.output[2].data, "would overwrite the data 'test.csv'");
    assert_string_equal(world_memory_get(&memory, "test.csv", NULL), "data");
    world_memory_free(&memory);
}

static void test_reports_of_config_and_flags(void **state)
{
    (void)state;
    struct world_memory memory;
    begin(&memory);
    world_memory_text(&memory, "sub/mlgate.yaml",
                      "version: 1\n"
                      "data: {test: {path: ../test.csv, label: label, prediction: predicted}}\n"
                      "gates: [{gate: accuracy, checks: [accuracy >= 0.1]}]\n"
                      "reports: {json: out.json}\n");
    world_memory_text(&memory, "sub/../test.csv", csv);
    assert_int_equal(run(&memory, "mlgate|run|--config|sub/mlgate.yaml|--report|junit=junit.xml"), 0);
    assert_non_null(world_memory_get(&memory, "junit.xml", NULL));
    assert_holds(world_memory_get(&memory, "sub/out.json", NULL), "\"verdict\": \"pass\"");
    assert_holds(memory.output[1].data, "passed");
    world_memory_free(&memory);
}

static void test_report_to_standard_output(void **state)
{
    (void)state;
    struct world_memory memory;
    begin(&memory);
    assert_int_equal(run(&memory, GATE "|--check|accuracy >= 0.1|--report|json=-"), 0);
    assert_int_equal(memory.output[1].data[0], '{');
    assert_lacks(memory.output[1].data, "passed: 1");
    assert_holds(memory.output[2].data, "passed: 1 passed");
    world_memory_free(&memory);
}

static void test_clashing_targets(void **state)
{
    (void)state;
    static const struct {
        const char *line, *words;
    } rows[] = {
        {"mlgate|run|--report|junit=test.csv", "the junit report would overwrite the data 'test.csv'"},
        {"mlgate|run|--report|junit=./test.csv", "the junit report would overwrite the data './test.csv'"},
        {"mlgate|run|--report|json=mlgate.yaml", "the json report would overwrite 'mlgate.yaml'"},
        {"mlgate|run|--report|json=a|--report|junit=./a",
         "the json and junit reports have the same path './a'"},
        {"mlgate|run|--report|json=-|--report|junit=-", "the json and junit reports have the same path '-'"},
        {"mlgate|run|--report|json=-|--report|junit=/dev/stdout", "have the same path '/dev/stdout'"},
        /* Mistakes of other kinds do not hide what is read. */
        {GATE "|--report|junit=test.csv|--bogus|1", "would overwrite the data 'test.csv'"},
        {GATE "|--report|junit=test.csv|--check|nonsense >= 1", "would overwrite the data 'test.csv'"},
        {"mlgate-accuracy|--dtaa|test.csv|--report|junit=test.csv", "would overwrite the data 'test.csv'"},
        {"mlgate-accuracy|--dtaa=test.csv|--report|junit=test.csv", "would overwrite the data 'test.csv'"},
        {"mlgate|run|--seed|x|--report|junit=test.csv", "would overwrite the data 'test.csv'"},
        {"mlgate|run|--config|broken.yaml|--report|junit=test.csv", "would overwrite the data 'test.csv'"},
        {"mlgate|run|--config|broken.yaml|--report|junit=broken.yaml", "would overwrite 'broken.yaml'"},
        {"mlgate-accuracy|--data|test.csv//member|--check|accuracy >= 0|--label|x|--report|junit=test.csv",
         "would overwrite the data 'test.csv'"},
        {"mlgate-accuracy|--data|test.csv//a//b|--report|junit=./test.csv", "would overwrite the data"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world_memory memory;
        begin(&memory);
        world_memory_text(&memory, "broken.yaml", "data: {test: {path: test.csv}}\ngates: [}\n");
        assert_int_equal(run(&memory, rows[i].line), 3);
        assert_holds(memory.output[2].data, rows[i].words);
        assert_string_equal(world_memory_get(&memory, "test.csv", NULL), csv);
        assert_string_equal(world_memory_get(&memory, "mlgate.yaml", NULL), config);
        world_memory_free(&memory);
    }
}

/* Every report, and the exit code, tell the same end. */
static void test_unwritable_report(void **state)
{
    (void)state;
    for (int found_late = 0; found_late < 2; found_late++) {
        struct world_memory memory;
        begin(&memory);
        if (found_late)
            memory.full = "junit.xml";
        else
            memory.unwritable = "junit.xml";
        assert_int_equal(run(&memory, "mlgate|run|--report|json=r.json|--report|junit=junit.xml"), 3);
        assert_string_equal(memory.output[2].data, "mlgate: cannot write 'junit.xml'\n");
        assert_holds(memory.output[1].data, "ERR!  cannot write 'junit.xml'");
        assert_holds(memory.output[1].data, "blocked: 1 passed");
        assert_holds(memory.output[1].data, "exit 3)");
        assert_holds(world_memory_get(&memory, "r.json", NULL), "\"exit_code\": 3");
        assert_holds(world_memory_get(&memory, "r.json", NULL), "\"cannot write 'junit.xml'\"");
        assert_null(world_memory_get(&memory, "junit.xml", NULL));
        /* A failure stays what it is. */
        assert_int_equal(run(&memory,
                             GATE "|--check|accuracy >= 0.999|--decide|point|--report|junit=junit.xml"
                                  "|--report|json=r.json"),
                         1);
        assert_holds(world_memory_get(&memory, "r.json", NULL), "\"exit_code\": 1");
        assert_holds(world_memory_get(&memory, "r.json", NULL), "\"cannot write 'junit.xml'\"");
        world_memory_free(&memory);
    }

    struct world_memory memory;
    begin(&memory);
    memory.print_fails = true;
    assert_int_equal(run(&memory, "mlgate|run|--report|json=r.json"), 3);
    assert_holds(world_memory_get(&memory, "r.json", NULL), "cannot write to standard output");
    assert_int_equal(run(&memory, "mlgate|list"), 3);
    assert_int_equal(run(&memory, "mlgate|version"), 3);
    world_memory_free(&memory);

    begin(&memory);
    memory.full = "later.xml";
    assert_int_equal(run(&memory, "mlgate|run|--report|json=results.json"), 0);
    assert_int_equal(run(&memory, "mlgate|report|json=later.json|junit=later.xml"), 3);
    /* What was found is not changed by that. */
    assert_string_equal(world_memory_get(&memory, "later.json", NULL),
                        world_memory_get(&memory, "results.json", NULL));
    world_memory_free(&memory);
}

static void test_report_from_results(void **state)
{
    (void)state;
    struct world_memory memory;
    begin(&memory);
    assert_int_equal(run(&memory,
                         GATE "|--check|accuracy >= 0.999|--decide|point|--report|json=results.json|--report|"
                              "junit=now.xml|--report|console=now.txt"),
                     1);
    assert_int_equal(run(&memory, "mlgate|report|junit=later.xml|console=later.txt|json=later.json"), 0);
    static const char *const pairs[][2] = {
        {"now.xml", "later.xml"}, {"now.txt", "later.txt"}, {"results.json", "later.json"}};
    for (size_t i = 0; i < COUNT(pairs); i++)
        assert_string_equal(world_memory_get(&memory, pairs[i][1], NULL),
                            world_memory_get(&memory, pairs[i][0], NULL));
    assert_int_equal(run(&memory, "mlgate|report|--from|results.json|json=results.json"), 3);
    assert_holds(memory.output[2].data, "the json report would overwrite 'results.json'");
    assert_int_equal(run(&memory, "mlgate|report|--from|test.csv|junit=later.xml"), 3);
    assert_null(world_memory_get(&memory, "later.xml", NULL));
    world_memory_free(&memory);
}

static void test_time_of_the_run(void **state)
{
    (void)state;
    static const struct {
        int64_t time;
        const char *text;
    } rows[] = {/* date -u -d @TIME +%FT%TZ */
                {0, "1970-01-01T00:00:00Z"},          {951782399, "2000-02-28T23:59:59Z"},
                {951868799, "2000-02-29T23:59:59Z"},  {1709164800, "2024-02-29T00:00:00Z"},
                {1798675200, "2026-12-31T00:00:00Z"}, {4107542400, "2100-03-01T00:00:00Z"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world_memory memory;
        begin(&memory);
        memory.unix_time = rows[i].time;
        run(&memory, GATE "|--check|accuracy >= 0.1|--report|json=r.json");
        assert_holds(world_memory_get(&memory, "r.json", NULL), rows[i].text);
        world_memory_free(&memory);
    }
}

/* A world in which every read of a file takes its time. */
struct slow_world {
    struct world_memory memory; /* first: it is what the world's functions get */
    struct mlg_progress progress;
    int64_t (*read)(void *self, struct mlg_file *file, int64_t offset, void *buffer, size_t size,
                    struct mlg_error *error);
    double seconds_per_read;
};

static int64_t read_slowly(void *self, struct mlg_file *file, int64_t offset, void *buffer, size_t size,
                           struct mlg_error *error)
{
    struct slow_world *slow = self;
    slow->memory.seconds += slow->seconds_per_read;
    return slow->read(self, file, offset, buffer, size, error);
}

static void tell_progress(void *self, const char *path, int64_t done, int64_t total)
{
    struct slow_world *slow = self;
    mlg_progress_tell(&slow->progress, &slow->memory.world, path, done, total);
}

static void test_progress(void **state)
{
    static const char begin_line[] = "\rreading big.csv: ";
    static const struct {
        bool terminal;
        double seconds_per_read;
        enum world_memory_kind kind;
        const char *shown; /* NULL: nothing */
    } rows[] = {{true, 0.3, WORLD_MEMORY_FILE, " %\rreading big.csv: "},
                {true, 0.3, WORLD_MEMORY_STREAM, " MB\rreading big.csv: "},
                {false, 0.3, WORLD_MEMORY_FILE, NULL},
                {true, 0.001, WORLD_MEMORY_FILE, NULL}};
    enum { ROWS = 500000 };
    char *text = malloc(16 + 4 * ROWS);
    (void)state;
    assert_non_null(text);
    size_t size = (size_t)sprintf(text, "label,predicted\n");
    for (size_t i = 0; i < ROWS; i++, size += 4)
        memcpy(text + size, i % 3 ? "1,1\n" : "0,0\n", 4);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct slow_world slow = {.seconds_per_read = rows[i].seconds_per_read};
        begin(&slow.memory);
        world_memory_put(&slow.memory, "data/big.csv", rows[i].kind, text, size);
        slow.read = slow.memory.world.read;
        slow.memory.world.read = read_slowly;
        slow.memory.world.progress = tell_progress;
        slow.memory.terminal[2] = rows[i].terminal;
        assert_int_equal(run(&slow.memory, "mlgate-accuracy|--data|data/big.csv|--label|label|--prediction|"
                                           "predicted|--threads|1|--check|accuracy >= 0.9"),
                         0);
        const struct world_memory_text *seen = &slow.memory.output[2];
        if (rows[i].shown) {
            assert_memory_equal(seen->data, begin_line, strlen(begin_line));
            assert_holds(seen->data, rows[i].shown);
            assert_lacks(seen->data, "\x1b");
            /* At the end it is gone: as many spaces as there were letters. */
            const char *last = strstr(seen->data, "\r     ");
            assert_non_null(last);
            assert_string_equal(last + 1 + strspn(last + 1, " "), "\r");
        } else {
            assert_string_equal(seen->data, "");
        }
        world_memory_free(&slow.memory);
    }
    free(text);
}

static void test_waiting(void **state)
{
    static const struct {
        const char *sentence, *about, *shown;
        bool terminal;
        double seconds;
    } rows[] = {
        {"a command that ends at once is not told", "repro: run 1 of 2", "", true, 0.9},
        {"one that takes its time is", "repro: run 1 of 2", "\rrepro: run 1 of 2, 41 s", true, 41.7},
        {"where nobody sits at a terminal it is not", "repro: run 1 of 2", "", false, 41.7},
        {"a name is shown no further than a line goes",
         "\u00e9-tests-with-a-name-that-is-longer-than-a-line-of-a-terminal-\u00e9",
         "\r\u00e9-tests-with-a-name-that-is-longer-than-a-line-of-a-termina, 1 s", true, 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world_memory memory;
        struct mlg_progress progress = {0};
        begin(&memory);
        memory.terminal[2] = rows[i].terminal;
        memory.seconds = 7 + rows[i].seconds;
        mlg_progress_wait(&progress, &memory.world, rows[i].about, 7);
        const struct world_memory_text *seen = &memory.output[2];
        const char *shown = seen->data ? seen->data : "";
        if (strcmp(shown, rows[i].shown) != 0)
            fail_msg("%s: '%s'", rows[i].sentence, shown);
        mlg_progress_wait(&progress, &memory.world, NULL, 7);
        const char *wiped = seen->data ? seen->data + strlen(rows[i].shown) : "";
        assert_int_equal(strspn(wiped, "\r "), strlen(wiped));
        assert_int_equal(strlen(wiped) > 0, strlen(rows[i].shown) > 0);
        world_memory_free(&memory);
    }
}

static void test_colour(void **state)
{
    (void)state;
    struct world_memory memory;
    begin(&memory);
    run(&memory, "mlgate|run");
    assert_lacks(memory.output[1].data, "\x1b");
    world_memory_free(&memory);
    begin(&memory);
    memory.terminal[1] = true;
    run(&memory, "mlgate|run|--report|console=c.txt");
    assert_holds(memory.output[1].data, "\x1b[");
    assert_lacks(world_memory_get(&memory, "c.txt", NULL), "\x1b");
    world_memory_free(&memory);
    begin(&memory);
    memory.terminal[1] = true;
    world_memory_environment(&memory, "NO_COLOR", "1");
    run(&memory, "mlgate|run");
    assert_lacks(memory.output[1].data, "\x1b");
    world_memory_free(&memory);
}

static void test_environment(void **state)
{
    (void)state;
    struct world_memory memory;
    begin(&memory);
    world_memory_environment(&memory, "MLGATE_CONFIDENCE", "0.9");
    world_memory_environment(&memory, "MLGATE_SEED", "");
    assert_int_equal(run(&memory, "mlgate|check|--expand"), 0);
    assert_holds(memory.output[1].data, "confidence: 0.9  # MLGATE_CONFIDENCE");
    assert_holds(memory.output[1].data, "seed: 0  # built-in");
    world_memory_free(&memory);
}

/* The clock of waivers is the real one, to the day; what is printed may be set. */
static void test_clock(void **state)
{
    (void)state;
    static const char waived[] = "version: 1\n"
                                 "data: {test: {path: test.csv, label: label, prediction: predicted}}\n"
                                 "decide: point\n"
                                 "gates: [{gate: accuracy, checks: [accuracy >= 0.99]}]\n"
                                 "waivers: [{check: accuracy / accuracy >= 0.99, reason: r, owner: o, "
                                 "expires: 2026-12-31}]\n";
    static const struct {
        int64_t time;
        int code;
    } rows[] = {/* date -u -d @TIME */
                {1798761599, 0},
                {1798761600, 1}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world_memory memory;
        begin(&memory);
        memory.unix_time = rows[i].time;
        world_memory_text(&memory, "mlgate.yaml", waived);
        world_memory_environment(&memory, "SOURCE_DATE_EPOCH", i ? "86400" : "99999999999");
        assert_int_equal(run(&memory, "mlgate|run|--report|json=r.json"), rows[i].code);
        assert_holds(world_memory_get(&memory, "r.json", NULL),
                     i ? "\"1970-01-02T00:00:00Z\"" : "\"5138-11-16T09:46:39Z\"");
        world_memory_environment(&memory, "SOURCE_DATE_EPOCH", "soon");
        assert_int_equal(run(&memory, "mlgate|run|--report|json=r.json"), rows[i].code);
        assert_holds(world_memory_get(&memory, "r.json", NULL), i ? "2027-01-01T00" : "2026-12-31T23");
        world_memory_free(&memory);
    }
}

static void test_variables_without_effect(void **state)
{
    (void)state;
    static const struct {
        const char *name, *line, *words; /* NULL: nothing is told */
    } rows[] = {
        {"MLGATE_CONFIDENC", "mlgate|run", "no key has that name; did you mean 'MLGATE_CONFIDENCE'?"},
        {"MLGATE_CHECK", GATE "|--check|accuracy >= 0.1", "did you mean 'MLGATE_CHECKS'?"},
        {"MLGATE_REPORT", "mlgate|check", "did you mean 'MLGATE_REPORTS'?"},
        {"MLGATE_seed", "mlgate|run", "did you mean 'MLGATE_SEED'?"},
        {"MLGATE_ZZZZZZ", "mlgate|run",
         "mlgate: warning: the variable 'MLGATE_ZZZZZZ' has no effect: no key has "
         "that name\n"},
        {"MLGATE_LABEL", "mlgate|run", "the variable 'MLGATE_LABEL' has no effect: under mlgate run"},
        {"MLGATE_GATE", GATE "|--check|accuracy >= 0.1", "this executable has no such option"},
        {"MLGATE_PREDICTION", GATE "|--check|accuracy >= 0.1", NULL},
        {"MLGATE_VERSION", "mlgate|run", NULL},
        {"MLGATEX", "mlgate|run", NULL},
        {"OTHER", "mlgate|run", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world_memory memory;
        begin(&memory);
        world_memory_environment(&memory, rows[i].name, "");
        assert_int_equal(run(&memory, rows[i].line), 0);
        assert_string_equal(memory.output[2].data, "");
        world_memory_environment(&memory, rows[i].name, "x");
        assert_int_equal(run(&memory, rows[i].line), 0);
        if (rows[i].words)
            assert_holds(memory.output[2].data, rows[i].words);
        else
            assert_string_equal(memory.output[2].data, "");
        world_memory_free(&memory);
    }
}

static void test_init(void **state)
{
    (void)state;
    struct world_memory memory;
    begin(&memory);
    assert_int_equal(run(&memory, "mlgate|init"), 3);
    assert_holds(memory.output[2].data, "'mlgate.yaml' is there already");
    assert_string_equal(world_memory_get(&memory, "mlgate.yaml", NULL), config);
    world_memory_put(&memory, "secret.yaml", WORLD_MEMORY_UNREADABLE, "kept", 4);
    assert_int_equal(run(&memory, "mlgate|init|--config|secret.yaml"), 3);
    assert_holds(memory.output[2].data, "'secret.yaml' is there already");
    assert_string_equal(world_memory_get(&memory, "secret.yaml", NULL), "kept");
    /* What it writes is a config without mistakes. */
    assert_int_equal(run(&memory, "mlgate|init|--config|new.yaml"), 0);
    assert_int_equal(run(&memory, "mlgate|check|--config|new.yaml"), 0);
    assert_holds(memory.output[1].data, "new.yaml: 2 checks in 1 gate, no mistakes\n");
    world_memory_free(&memory);
}

static void test_hostile_words(void **state)
{
    (void)state;
    struct world_memory memory;
    begin(&memory);
    assert_int_equal(
        run(&memory, "mlgate-accuracy|--data|\x1b[31m\n::error::x\n|--label|a|--check|accuracy >= 0.1"), 3);
    assert_lacks(memory.output[1].data, "\x1b");
    assert_lacks(memory.output[2].data, "\x1b");
    assert_lacks(memory.output[2].data, "\n::error");
    assert_int_equal(run(&memory, "mlgate|\xff\x1b"), 3);
    assert_lacks(memory.output[2].data, "\x1b");
    assert_lacks(memory.output[2].data, "\xff");
    world_memory_free(&memory);
}

static void test_caret(void **state)
{
    (void)state;
    struct mlg_arena arena;
    struct mlg_diagnostics list;
    struct mlg_builder out;
    mlg_arena_init(&arena, 0);
    mlg_diagnostics_init(&list, &arena);
    mlg_builder_init(&out, 0);
    mlg_diagnose(&list, MLG_ERROR, (struct mlg_place){"mlgate.yaml", 7, 9}, 6, "    é\tchekcs: [x]",
                 "unknown key");
    mlg_diagnose(&list, MLG_WARNING, (struct mlg_place){"mlgate.yaml", 12, 1}, 0, "", "nothing here");
    mlg_diagnose(&list, MLG_ERROR, (struct mlg_place){"mlgate.yaml", 13, 99}, 5, "short", "beyond the end");
    mlg_diagnose(&list, MLG_ERROR, (struct mlg_place){0}, 0, NULL, "no place");
    mlg_put_diagnostics(&out, "mlgate", &list);
    assert_string_equal(out.data, "mlgate.yaml:7:9: unknown key\n"
                                  "     7 |     é chekcs: [x]\n"
                                  "       |        ^^^^^^\n"
                                  "mlgate.yaml:12:1: warning: nothing here\n"
                                  "    12 | \n"
                                  "       | ^\n"
                                  "mlgate.yaml:13:99: beyond the end\n"
                                  "    13 | short\n"
                                  "       |      ^\n"
                                  "mlgate: no place\n");
    mlg_builder_free(&out);
    /* Of a line of a million bytes the part around the mark is shown. */
    char *line = malloc(1000001);
    assert_non_null(line);
    memset(line, 'x', 1000000);
    line[1000000] = '\0';
    mlg_diagnostics_init(&list, &arena);
    mlg_diagnose(&list, MLG_ERROR, (struct mlg_place){"a", 1, 500000}, 400000, line, "long");
    mlg_put_diagnostics(&out, "mlgate", &list);
    assert_true(out.size < 1000);
    free(line);
    mlg_builder_free(&out);
    mlg_arena_free(&arena);
}

/* ---- descriptions -----------------------------------------------------------------------------------------
 */

static void test_help_lists_all(void **state)
{
    (void)state;
    struct world_memory memory;
    struct mlg_arena arena;
    mlg_arena_init(&arena, 0);
    begin(&memory);
    run(&memory, "mlgate-accuracy|--help");
    const struct mlg_param *const tables[] = {mlg_data_params, mlg_gate_params, mlg_suite_params,
                                              mlg_gates[0]->params};
    for (size_t t = 0; t < COUNT(tables); t++)
        for (const struct mlg_param *row = tables[t]; row && row->name; row++) {
            const char *flag = mlg_flag_of(row, &arena);
            char line[100];
            snprintf(line, sizeof line, "\n  %s%s", flag, row->kind == &mlg_kind_boolean ? "[" : " ");
            if (!row->not_a_flag)
                assert_holds(memory.output[1].data, line);
        }
    for (const char *c = memory.output[1].data; *c; c = strchr(c, '\n') + 1)
        if (strcspn(c, "\n") > 110)
            fail_msg("a line of help is too long: %.120s", c);
    world_memory_free(&memory);
    mlg_arena_free(&arena);
}

/* Strings and brackets of JSON close in order, and no comma is missing or left over. */
static void assert_is_json(const char *text)
{
    char open[64], last = 0;
    int depth = 0;
    for (const char *c = text; *c; c++) {
        if (*c == ' ' || *c == '\n')
            continue;
        if (*c == '"') {
            assert_null(strchr("\"]}0", last ? last : ' '));
            for (c++; *c != '"'; c++) {
                assert_true((unsigned char)*c >= 0x20);
                c += *c == '\\';
            }
        } else if (*c == '{' || *c == '[') {
            assert_null(strchr("\"]}0", last ? last : ' '));
            assert_true(depth < 60);
            open[depth++] = *c;
        } else if (*c == '}' || *c == ']') {
            assert_true(depth > 0 && open[--depth] == (*c == '}' ? '{' : '['));
            assert_true(last != ',' && last != ':');
        } else if (*c == ',' || *c == ':') {
            assert_non_null(strchr("\"]}0", last));
        } else {
            c += strcspn(c, ",]}\n") - 1;
            last = '0';
            continue;
        }
        last = *c;
    }
    assert_int_equal(depth, 0);
}

static void test_schema_and_reference(void **state)
{
    (void)state;
    struct mlg_arena arena;
    struct mlg_builder schema, reference;
    mlg_arena_init(&arena, 0);
    mlg_builder_init(&schema, 0);
    mlg_builder_init(&reference, 0);
    mlg_put_schema(&schema, &arena);
    mlg_put_reference(&reference, &arena);
    assert_false(schema.failed || reference.failed);
    assert_is_json(schema.data);
    assert_holds(schema.data, "https://json-schema.org/draft/2020-12/schema");
    size_t closed = 0;
    for (const char *c = schema.data; (c = strstr(c, "\"additionalProperties\": false")); c++)
        closed++;
    size_t gates = 0, nested = 0;
    for (; mlg_gates[gates]; gates++)
        for (const struct mlg_param *row = mlg_gates[gates]->params; row->name; row++)
            nested += row->kind == &mlg_kind_exclusions;
    /* suite, data, waiver, each gate and its checks, and what options hold */
    assert_int_equal(closed, 3 + 2 * gates + nested);
    for (const struct mlg_table_of_rows *table = mlg_config_tables(&arena); table->rows; table++)
        for (const struct mlg_param *row = table->rows; row->name; row++) {
            char text[200];
            snprintf(text, sizeof text, "\"%s\": {", row->name);
            assert_holds(schema.data, text);
            snprintf(text, sizeof text, "\n| `%s` |", row->name);
            assert_holds(reference.data, text);
        }
    mlg_builder_free(&schema);
    mlg_builder_free(&reference);
    mlg_arena_free(&arena);
}

/* ---- selftest ------------------------------------------------------------------------------------- */

static void write_right_rows(struct mlg_builder *out)
{
    mlg_put(out, "label,prediction\n");
    for (int i = 0; i < 400; i++)
        mlg_put_format(out, "%d,%d\n", i % 2, i % 2);
}

static const char *prove_nothing(const struct mlg_gate_result *result)
{
    return result->check_count == 2 ? NULL : "there are not two checks";
}

#define CONTROL "version: 1\ndata: {c: {path: control.csv, label: label, prediction: prediction}}\ngates: "

/* A control that is judged otherwise than is known is told, whatever the reason. */
static void test_a_wrong_control_is_told(void **state)
{
    (void)state;
    static const struct mlg_control controls[] = {
        {"right", CONTROL "[{gate: accuracy, checks: [accuracy >= 0.9]}]\n", "pass", write_right_rows, NULL,
         NULL},
        {"passes", CONTROL "[{gate: accuracy, checks: [accuracy >= 0.9]}]\n", "fail", write_right_rows, NULL,
         NULL},
        {"proof", CONTROL "[{gate: accuracy, checks: [accuracy >= 0.9]}]\n", "pass", write_right_rows, NULL,
         prove_nothing},
        {"config", CONTROL "[{gate: accuracy, checks: [acuracy >= 0.9]}]\n", "pass", write_right_rows, NULL,
         NULL},
        {0}};
    const struct mlg_gate gate = {.name = "accuracy", .controls = controls}, bare = {.name = "bare"};
    struct mlg_builder out;
    size_t right = 0, wrong = 0;
    mlg_builder_init(&out, 0);
    mlg_selftest_gate(&gate, &out, &right, &wrong);
    mlg_selftest_gate(&bare, &out, &right, &wrong);
    assert_int_equal(right, 1);
    assert_int_equal(wrong, 4);
    assert_holds(out.data, "WRONG  accuracy: passes: it must be fail, but the verdict is pass");
    assert_holds(out.data, "WRONG  accuracy: proof: it must be pass, but there are not two checks");
    assert_holds(out.data, "did you mean 'accuracy'?");
    assert_holds(out.data, "WRONG  bare: it has no control");
    mlg_builder_free(&out);
}

/* ---- every row of every table
 * ------------------------------------------------------------------------------ */

struct table_row {
    const struct mlg_param *row;
    const void *defaults;
    char sentence[120];
};

static const struct mlg_node *yaml_value(const char *text, struct mlg_arena *arena,
                                         struct mlg_diagnostics *list)
{
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    mlg_put_format(&out, "value: %s\n", text);
    const struct mlg_node *root = mlg_yaml_parse("test", out.data, out.size, arena, list);
    mlg_builder_free(&out);
    return root ? mlg_node_get(root, "value") : NULL;
}

/* Reads `text` by the row's kind and prints it again. False: it is refused. */
static bool there_and_back(const struct mlg_param *row, const char *text, struct mlg_builder *out)
{
    struct mlg_arena arena;
    struct mlg_diagnostics list;
    mlg_arena_init(&arena, 0);
    mlg_diagnostics_init(&list, &arena);
    void *field = mlg_arena_alloc(&arena, 1, row->kind->size);
    assert_non_null(field);
    const struct mlg_node *node = yaml_value(text, &arena, &list);
    if (!node)
        fail_msg("'%s' is no YAML for '%s'", text, row->name);
    bool good = row->kind->parse(row, field, node, &arena, &list);
    if (good)
        row->kind->print(row, field, out);
    mlg_arena_free(&arena);
    return good;
}

static void assert_survives(const struct mlg_param *row, const char *text)
{
    struct mlg_builder once, twice;
    mlg_builder_init(&once, 0);
    mlg_builder_init(&twice, 0);
    if (!there_and_back(row, text, &once))
        fail_msg("'%s' refuses '%s'", row->name, text);
    if (!there_and_back(row, once.data, &twice))
        fail_msg("'%s' refuses its own print '%s'", row->name, once.data);
    assert_string_equal(once.data, twice.data);
    mlg_builder_free(&once);
    mlg_builder_free(&twice);
}

static void assert_is_word(const char *name)
{
    assert_in_range(name[0], 'a', 'z');
    for (const char *c = name; *c; c++)
        assert_true((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') ||
                    (*c == '_' && c[1] && c[1] != '_'));
}

static void test_row(void **state)
{
    const struct table_row *test = *state;
    const struct mlg_param *row = test->row;
    assert_is_word(row->name);
    assert_non_null(row->help);
    size_t size = strlen(row->help);
    assert_in_range(size, 3, 400);
    assert_true(row->help[size - 1] != '.' && row->help[size - 1] != ' ');
    assert_false(row->help[0] >= 'A' && row->help[0] <= 'Z');
    assert_true(row->minimum <= row->maximum);
    assert_int_equal(row->kind == &mlg_kind_choice, row->choices != NULL);
    assert_true(row->kind->size > 0 && row->kind->parse && row->kind->print && row->kind->schema);

    if (row->kind == &mlg_kind_boolean) {
        assert_survives(row, "true");
        assert_survives(row, "false");
    } else if (row->choices) {
        for (size_t i = 0; row->choices[i]; i++) {
            assert_is_word(row->choices[i]);
            assert_survives(row, row->choices[i]);
        }
    } else if (row->kind == &mlg_kind_text) {
        assert_survives(row, "\"a: \\\"b\\\" # $ { é\\n\\t'\"");
        assert_survives(row, "\"1\"");
    } else if (row->kind == &mlg_kind_texts) {
        assert_survives(row, "[a, \"b, c\", \"null\", \"1\"]");
    } else if (row->kind == &mlg_kind_map) {
        assert_survives(row, "{junit: a.xml, \"b: c\": \"- d\"}");
    } else if (row->kind == &mlg_kind_column_or_map) {
        assert_survives(row, "\"p: 1\"");
        assert_survives(row, "{a: p_a, \"2\": \"p 2\"}");
    } else if (row->kind == &mlg_kind_slices) {
        assert_survives(row, "[sex, sex*race, age < 25, {race: [a, b]}]");
    } else if (row->kind == &mlg_kind_attributes) {
        assert_survives(
            row, "[sex, sex*race, {age: [a, b]}, {age*sex: [a*b, '\"a*b\"*c', 'sex=\"x, y\", age=z']}]");
    } else if (row->kind == &mlg_kind_bins) {
        assert_survives(row, "{age: [25, 45.5, 1e6], \"b: c\": [-1]}");
    } else if (row->kind == &mlg_kind_exclusions) {
        assert_survives(row, "[{group: {race: Other, \"b: c\": \"- d\"}, reason: \"few: rows\"}]");
    } else if (row->kind == &mlg_kind_checks) {
        assert_survives(row, "[roc_auc >= 0.85, {check: recall >= 60%, confidence: 0.99}]");
    } else {
        /* Numbers: the middle of the range, or what any number takes. */
        char text[64];
        bool range = row->minimum < 0 || row->maximum > 0;
        bool whole = row->kind == &mlg_kind_integer;
        double middle = !range                 ? 3
                        : row->maximum > 1e100 ? row->minimum + 1
                                               : (row->minimum + row->maximum) / 2;
        snprintf(text, sizeof text, whole ? "%.0f" : "%.17g", middle);
        assert_survives(row, text);
    }

    /* The built-in value, where there is one, is one that the row takes. */
    if (!test->defaults || row->unset) /* words say what holds: the value marks "not given" */
        return;
    struct mlg_builder printed, again;
    mlg_builder_init(&printed, 0);
    mlg_builder_init(&again, 0);
    mlg_param_print(row, test->defaults, &printed);
    bool unset = strcmp(printed.data, "null") == 0 || strcmp(printed.data, "[]") == 0 ||
                 strcmp(printed.data, "{}") == 0;
    if (!unset) {
        if (!there_and_back(row, printed.data, &again))
            fail_msg("'%s' refuses its built-in value '%s'", row->name, printed.data);
        assert_string_equal(printed.data, again.data);
    }
    mlg_builder_free(&printed);
    mlg_builder_free(&again);
}

enum { MOST_ROWS = 400 };

static size_t add_rows(struct table_row *tests, size_t count, const char *title, const struct mlg_param *rows,
                       const void *defaults)
{
    for (const struct mlg_param *row = rows; row && row->name && count < MOST_ROWS; row++) {
        tests[count] = (struct table_row){.row = row, .defaults = defaults};
        snprintf(tests[count].sentence, sizeof tests[count].sentence, "%s: %s survives print and parse",
                 title, row->name);
        count++;
    }
    return count;
}

int main(void)
{
    static struct table_row rows[MOST_ROWS];
    static struct CMUnitTest tests[COUNT(lines) + MOST_ROWS + 20];
    size_t count = 0, row_count = 0;
    struct mlg_arena arena;
    mlg_arena_init(&arena, 0);
    NAMED_ROWS(tests, count, lines, test_line);
    static const struct {
        const char *sentence;
        CMUnitTestFunction test;
    } others[] = {
        {"an old report never looks fresh", test_stale_reports_go},
        {"nor after a mistake that is found early", test_stale_reports_go_after_early_mistakes},
        {"where that cannot be known it is said", test_reports_that_may_be_old_are_told},
        {"what is read behind the mistake keeps its data", test_data_behind_a_mistake_stay},
        {"reports of config and flags are both written", test_reports_of_config_and_flags},
        {"a report on standard output has it for itself", test_report_to_standard_output},
        {"no report overwrites data, config or another report", test_clashing_targets},
        {"a report that cannot be written is an error that all others tell", test_unwritable_report},
        {"reports made later are the same", test_report_from_results},
        {"the run says when it began", test_time_of_the_run},
        {"progress is a line on a terminal, after a second, and gone at the end", test_progress},
        {"so is that a command runs", test_waiting},
        {"colour is for terminals", test_colour},
        {"the environment is read and told", test_environment},
        {"waivers end by the real clock", test_clock},
        {"variables that nothing reads are told", test_variables_without_effect},
        {"init writes a good config and overwrites none", test_init},
        {"words cannot forge terminal or runner commands", test_hostile_words},
        {"a mistake is shown with its line and a caret", test_caret},
        {"help lists every flag", test_help_lists_all},
        {"schema and reference have every row", test_schema_and_reference},
        {"a control that is judged wrongly is told", test_a_wrong_control_is_told},
    };
    for (size_t i = 0; i < COUNT(others); i++)
        tests[count++] = (struct CMUnitTest){others[i].sentence, others[i].test, NULL, NULL, NULL};
    for (const struct mlg_table_of_rows *table = mlg_config_tables(&arena); table && table->rows; table++)
        row_count = add_rows(rows, row_count, table->title, table->rows, table->defaults);
    row_count = add_rows(rows, row_count, "Setting", mlg_settings_params, &mlg_settings_defaults);
    row_count = add_rows(rows, row_count, "Argument", mlg_metric_params, &mlg_metric_arguments_defaults);
    row_count =
        add_rows(rows, row_count, "Argument of groups", mlg_disparity_params, &mlg_metric_arguments_defaults);
    for (const struct mlg_command *command = mlg_commands; command->name; command++)
        row_count = add_rows(rows, row_count, command->name, command->rows, NULL);
    for (size_t i = 0; i < row_count; i++)
        tests[count++] = (struct CMUnitTest){rows[i].sentence, test_row, NULL, NULL, &rows[i]};
    int failed = cmocka_run_group_tests_name("plugins", tests, NULL, NULL);
    mlg_arena_free(&arena);
    return failed;
}
