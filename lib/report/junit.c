/* junit: one flat test suite per gate, one test case per check and slice; docs/reports.md tells why it looks
 * as it does, reader by reader.
 *
 * Names carry no limits and no measured numbers, because the history of a test case hangs on its name, and
 * nothing that depends on other checks; they are told apart even by readers that see letters and digits only.
 * Every foreign text is one line, cut at a stated length. A file stays under JUNIT_SIZE: what passed is left
 * out first, and a test case says so.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "findings.h"
#include "mlgate/report.h"
#include "parts.h"

extern const struct mlg_report mlg_report_junit;

enum {
    JUNIT_SIZE = 24 * 1024 * 1024, /* of all test cases; with the rest under the 30 MB that GitLab reads */
    NAME_CUT = 400,                /* bytes of foreign text, each */
    MESSAGE_CUT = 1000,
    ERRORS_SHOWN = 100,
    GROUPS_SHOWN = 50,
    INPUTS_SHOWN = 20
};

enum element { NO_ELEMENT, FAILURE, ERROR, SKIPPED };

static const char *const element_names[] = {[FAILURE] = "failure", [ERROR] = "error", [SKIPPED] = "skipped"};

struct junit_case {
    const struct mlg_gate_result *gate;
    const struct mlg_check_result *check;
    const struct mlg_check_result
        *worst; /* other slice of the same check, where there are several; else NULL */
    const char *class_name, *name;
    enum element element;
    bool is_listed;
    size_t bytes;
};

struct junit {
    const struct mlg_results *results;
    const struct mlg_report_options *options;
    struct mlg_builder *out;
    struct mlg_builder scratch;
    struct mlg_arena arena;
    struct junit_case *cases;
    size_t case_count;
    struct mlg_index taken; /* class names and names as a reader of letters and digits sees them */
    bool warned;            /* the warnings are told */
    bool failed;
};

/* ---- text ----------------------------------------------------------------------------------------- */

static bool is_break(char c)
{
    return c == '\n' || c == '\r' || c == '\t';
}

/* One line of foreign text, at most `limit` bytes of it. "##" may start a command of a pipeline's runner
 * wherever it stands in a line, and a report may be printed: the second mark is written as its number. */
static void put_line(struct mlg_builder *out, const char *text, size_t limit)
{
    size_t size = strlen(text);
    bool is_cut = size > limit;
    if (is_cut) {
        size = limit;
        while (size && (text[size] & 0xc0) == 0x80)
            size--;
    }
    struct mlg_builder piece;
    mlg_builder_init(&piece, 0);
    for (size_t from = 0; from < size;) {
        size_t to = from;
        while (to < size && !is_break(text[to]) && !(text[to] == '#' && to > 0 && text[to - 1] == '#'))
            to++;
        piece.size = 0;
        mlg_put_bytes(&piece, text + from, to - from);
        if (to > from)
            mlg_put_xml(out, piece.data);
        if (to < size)
            mlg_put(out, is_break(text[to]) ? " " : "&#35;");
        from = to + 1;
    }
    if (is_cut)
        mlg_put(out, "\xe2\x80\xa6");
    out->failed = out->failed || piece.failed;
    mlg_builder_free(&piece);
}

static void put_attribute(struct mlg_builder *out, const char *name, const char *text, size_t limit)
{
    mlg_put_format(out, " %s=\"", name);
    put_line(out, text, limit);
    mlg_put(out, "\"");
}

static void put_property(struct mlg_builder *out, const char *indent, const char *name, const char *value)
{
    mlg_put(out, indent);
    mlg_put(out, "<property");
    put_attribute(out, "name", name, NAME_CUT);
    put_attribute(out, "value", value, MESSAGE_CUT);
    mlg_put(out, "/>\n");
}

static void put_number_property(struct mlg_builder *out, const char *name, struct mlg_optional number)
{
    if (!mlg_is_known(number))
        return;
    mlg_put_format(out, "        <property name=\"%s\" value=\"", name);
    mlg_put_number(out, number.value);
    mlg_put(out, "\"/>\n");
}

/* ---- names ---------------------------------------------------------------------------------------- */

static const char *take(struct junit *junit)
{
    const char *text = mlg_take(&junit->scratch, &junit->arena);
    if (!text)
        junit->failed = true;
    return text ? text : "";
}

/* The words of the comparator that `text` begins with. */
static const char *comparator_words(const char *text, size_t size)
{
    static const char *const words[][2] = {
        {">=", " at least"}, {"<=", " at most"}, {">", " above"}, {"<", " below"}, {"=", " equal to"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i][0]) == size && strncmp(text, words[i][0], size) == 0)
            return words[i][1];
    return NULL;
}

/* "sex=Male", "age below 25": marks of comparison would all look alike to some readers. */
static void put_case_name(struct junit *junit, const struct mlg_check_result *check)
{
    struct mlg_builder *out = &junit->scratch;
    if (check->slice_count == 0)
        mlg_put_format(out, "all %s", check->counted ? check->counted : "rows");
    for (size_t i = 0; i < check->slice_count; i++) {
        const struct mlg_pair *pair = &check->slice[i];
        const char *comparison = NULL;
        mlg_put(out, i ? ", " : "");
        mlg_put(out, pair->key ? pair->key : "");
        size_t marks = mlg_comparison_marks(pair->value);
        if (marks)
            comparison = comparator_words(pair->value, marks);
        mlg_put(out, comparison ? comparison : "=");
        mlg_put(out, pair->value ? pair->value + marks : "(missing)");
    }
}

/* What two names look like to a reader that keeps letters and digits only; beyond ASCII all count as such. */
static const char *take_folded(struct junit *junit, const char *class_name, const char *name)
{
    struct mlg_builder *out = &junit->scratch;
    mlg_put(out, class_name);
    size_t split = out->size;
    mlg_put(out, "\n");
    mlg_put(out, name);
    for (size_t i = 0; !out->failed && i < out->size; i++) {
        char c = out->data[i];
        bool is_kept =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80);
        if (!is_kept && i != split)
            out->data[i] = '_';
    }
    return take(junit);
}

/* As it will be read: what is told apart here is still apart in the report. */
static const char *cut_name(struct junit *junit, const char *raw)
{
    mlg_put_visible(&junit->scratch, raw);
    const char *text = take(junit);
    size_t size = strlen(text);
    if (size <= NAME_CUT)
        return text;
    size = NAME_CUT;
    while (size && (text[size] & 0xc0) == 0x80)
        size--;
    mlg_put_bytes(&junit->scratch, text, size);
    mlg_put(&junit->scratch, "\xe2\x80\xa6");
    return take(junit);
}

/* Makes the name unique by a number; the first keeps its own. */
static const char *settle_name(struct junit *junit, const char *class_name, const char *name)
{
    bool made = false;
    struct mlg_index_slot *first =
        mlg_index_get(&junit->taken, take_folded(junit, class_name, name), 2, &made);
    const char *unique = name;
    while (first && !made && !junit->failed) {
        mlg_put(&junit->scratch, name);
        mlg_put_format(&junit->scratch, " #%zu", first->value++);
        unique = take(junit);
        if (!mlg_index_get(&junit->taken, take_folded(junit, class_name, unique), 2, &made))
            junit->failed = true;
    }
    junit->failed = junit->failed || !first;
    return unique;
}

/* Is `a` further on the wrong side of its limit than `b`? */
static bool is_worse(const struct mlg_check_result *a, const struct mlg_check_result *b)
{
    bool higher_is_better = a->comparator && a->comparator[0] == '>';
    return higher_is_better ? a->estimate.value < b->estimate.value : a->estimate.value > b->estimate.value;
}

/* Tells every case of a check which of its other slices is worst. */
static void find_worst_slices(struct junit *junit, const struct mlg_gate_result *gate,
                              struct junit_case *cases)
{
    struct mlg_index checks; /* text of a check, and its attribute -> the first case of that check */
    size_t count = gate->check_count;
    const struct mlg_check_result **worst =
        MLG_NEW_ARRAY(&junit->arena, const struct mlg_check_result *, count);
    if ((count && !worst) || !mlg_index_init(&checks, count, &junit->arena)) {
        junit->failed = true;
        return;
    }
    for (size_t turn = 0; turn < 2; turn++)
        for (size_t i = 0; i < count; i++) {
            bool made;
            const struct mlg_check_result *check = cases[i].check;
            mlg_put_check(&junit->scratch, check, ", ");
            size_t first = mlg_index_get(&checks, take(junit), i, &made)->value;
            if (turn == 1)
                cases[i].worst = worst[first] != check ? worst[first] : NULL;
            else if (check->slice_count && mlg_is_known(check->estimate) &&
                     (!worst[first] || is_worse(check, worst[first])))
                worst[first] = check;
        }
}

/* By limit, so that the place of a check in the configuration does not matter; then as they stand. */
static int by_limit(const void *a, const void *b)
{
    const struct mlg_check_result *x = (*(const struct junit_case *const *)a)->check;
    const struct mlg_check_result *y = (*(const struct junit_case *const *)b)->check;
    const double left = mlg_is_known(x->limit) ? x->limit.value : 0;
    const double right = mlg_is_known(y->limit) ? y->limit.value : 0;
    return left != right ? (left > right) - (left < right) : (x > y) - (x < y);
}

/* "mlgate.accuracy.roc_auc at least" */
static void name_cases(struct junit *junit, const struct mlg_gate_result *gate, struct junit_case *cases)
{
    size_t count = gate->check_count;
    struct junit_case **order = MLG_NEW_ARRAY(&junit->arena, struct junit_case *, count + 1);
    if (!order) {
        junit->failed = true;
        return;
    }
    const char *gate_name = gate->name ? gate->name : "";
    for (size_t i = 0; i < count; i++) {
        const struct mlg_check_result *check = cases[i].check;
        const char *words =
            check->comparator ? comparator_words(check->comparator, strlen(check->comparator)) : NULL;
        mlg_put_format(&junit->scratch, "mlgate.%s.", gate_name);
        mlg_put_quantity(&junit->scratch, check);
        mlg_put(&junit->scratch, cut_name(junit, take(junit)));
        mlg_put(&junit->scratch, words ? words : "");
        cases[i].class_name = take(junit);
        order[i] = &cases[i];
    }
    qsort(order, count, sizeof *order, by_limit);
    for (size_t i = 0; i < count; i++) {
        put_case_name(junit, order[i]->check);
        order[i]->name = settle_name(junit, order[i]->class_name, cut_name(junit, take(junit)));
    }
}

/* ---- one test case -------------------------------------------------------------------------------- */

static enum element element_of(const struct mlg_check_result *check)
{
    const char *word = mlg_verdicts[check->verdict].junit;
    bool is_bad = mlg_verdicts[check->verdict].exit_code != MLG_EXIT_PASS;
    if (is_bad && !mlg_check_blocks(check))
        return SKIPPED;
    for (int element = FAILURE; word && element <= SKIPPED; element++)
        if (strcmp(word, element_names[element]) == 0)
            return (enum element)element;
    return NO_ELEMENT;
}

static void put_skipped_prefix(struct mlg_builder *out, const struct mlg_check_result *check)
{
    static const char *const prefixes[MLG_VERDICT_COUNT] = {[MLG_FAIL] = "FAIL: ",
                                                            [MLG_INCONCLUSIVE] = "INCONCLUSIVE: ",
                                                            [MLG_VERDICT_ERROR] = "ERROR: ",
                                                            [MLG_NOT_APPLICABLE] = "NOT APPLICABLE: "};
    if (check->verdict == MLG_WAIVED) {
        mlg_put(out, "WAIVED until ");
        mlg_put(out, check->waiver_expires ? check->waiver_expires : "(no date)");
        mlg_put(out, " (");
        mlg_put(out, check->waiver_owner ? check->waiver_owner : "no owner");
        mlg_put(out, "): ");
    } else if (prefixes[check->verdict]) {
        mlg_put(out, prefixes[check->verdict]);
    }
}

/* "brier <= 0.145, all rows: 0.157 [0.148, 0.166]; the whole interval is above the limit" */
static const char *take_message(struct junit *junit, const struct junit_case *item)
{
    struct mlg_builder *out = &junit->scratch;
    const struct mlg_check_result *check = item->check;
    if (item->element == SKIPPED) {
        if (!check->enforce)
            mlg_put(out, "not enforced: ");
        put_skipped_prefix(out, check);
    }
    mlg_put_evidence(out, check);
    if (check->verdict == MLG_WAIVED && check->waiver_reason) {
        mlg_put(out, "; waived because: ");
        mlg_put(out, check->waiver_reason);
    }
    return take(junit);
}

static void put_body_text(struct mlg_builder *out, const char *word, const char *text)
{
    if (!text || !text[0])
        return;
    mlg_put_format(out, "\n%s: ", word);
    put_line(out, text, MESSAGE_CUT);
}

static bool is_one_line(const char *text)
{
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            return false;
    return true;
}

static void put_table(struct junit *junit, const struct mlg_check_result *check, struct mlg_builder *out)
{
    size_t chosen[GROUPS_SHOWN], count = mlg_choose_groups(check, GROUPS_SHOWN, chosen);
    const struct mlg_group_decimals decimals = mlg_group_decimals(check, chosen, count);
    for (size_t i = 0; i < count; i++) {
        const struct mlg_group_result *group = &check->groups[chosen[i]];
        mlg_put_group(&junit->scratch, group);
        mlg_put(&junit->scratch, ": ");
        mlg_put_group_line(&junit->scratch, check, group, decimals);
        put_body_text(out, "group", take(junit));
    }
    if (check->group_count > count) {
        mlg_put(out, "\nand ");
        mlg_put_count(out, check->group_count - count);
        mlg_put(out, check->group_count - count == 1 ? " more group" : " more groups");
        mlg_put(out, "; results.json lists them all");
    }
}

static void put_groups(struct junit *junit, const struct mlg_check_result *check, struct mlg_builder *out)
{
    const struct mlg_check_result other = mlg_other_table(check);
    put_table(junit, check, out);
    put_table(junit, &other, out);
}

/* For a shell: the variables in front of a command, or the flags behind it. */
static void put_outside(struct junit *junit, bool variables)
{
    for (size_t i = 0; i < junit->results->outside_count; i++) {
        const struct mlg_pair *pair = &junit->results->outside[i];
        if ((pair->key[0] != '-') != variables)
            continue;
        mlg_put(&junit->scratch, variables ? "" : " ");
        mlg_put_shell(&junit->scratch, pair->key);
        mlg_put(&junit->scratch, "=");
        mlg_put_shell(&junit->scratch, pair->value);
        mlg_put(&junit->scratch, variables ? " " : "");
    }
}

/* The gates to judge again: the one, or where checks are judged together, all that were. */
static void put_selection(struct junit *junit, const struct mlg_gate_result *gate)
{
    const struct mlg_results *results = junit->results;
    for (size_t g = 0; g < results->gate_count; g++) {
        const bool is_wanted = results->family ? results->left_out_count > 0 : &results->gates[g] == gate;
        if (!is_wanted)
            continue;
        mlg_put(&junit->scratch, " --only ");
        mlg_put_shell(&junit->scratch, results->gates[g].name);
    }
}

/* The command that judges the gate again; one that would have to be cut is none. */
static void put_reproduction(struct junit *junit, const struct mlg_gate_result *gate, struct mlg_builder *out)
{
    const char *config = junit->results->config_path, *command = junit->results->run.command;
    const bool has_config = config && is_one_line(config) && is_one_line(gate->name);
    if (!has_config && !command)
        return;
    put_outside(junit, true);
    if (has_config) {
        mlg_put(&junit->scratch, "mlgate run --config ");
        mlg_put_shell(&junit->scratch, config);
        put_selection(junit, gate);
        put_outside(junit, false);
    } else {
        mlg_put(&junit->scratch, command);
    }
    command = take(junit);
    if (is_one_line(command) && strlen(command) <= MESSAGE_CUT)
        put_body_text(out, "reproduce", command);
}

/* Was anything measured? Else there are no rows that the value rests on. */
static bool is_measured(const struct mlg_check_result *check)
{
    return check->n > 0 || mlg_is_known(check->estimate);
}

static void put_evidence(struct junit *junit, const struct junit_case *item, struct mlg_builder *out)
{
    const struct mlg_check_result *check = item->check;
    if (mlg_is_known(check->estimate)) {
        mlg_put(out, "\nvalue: ");
        mlg_put_number(out, check->estimate.value);
    }
    if (mlg_is_known(check->lower) || mlg_is_known(check->upper)) {
        mlg_put(out, "\nbounds: ");
        if (mlg_is_known(check->lower))
            mlg_put_number(out, check->lower.value);
        mlg_put(out, " to ");
        if (mlg_is_known(check->upper))
            mlg_put_number(out, check->upper.value);
        mlg_put(out, ", each one-sided at ");
        mlg_put_percent(out, check->confidence);
        mlg_put(out, " %");
    }
    if (mlg_is_known(check->limit)) {
        mlg_put(&junit->scratch, check->comparator ? check->comparator : "");
        mlg_put(&junit->scratch, " ");
        mlg_put_number(&junit->scratch, check->limit.value);
        put_body_text(out, "limit", take(junit));
    }
    if (is_measured(check)) {
        mlg_put_format(out, "\n%s: ", check->counted ? check->counted : "rows");
        mlg_put_count(out, check->rows);
    }
    if (is_measured(check) && check->n != check->rows) {
        mlg_put(out, "\nn: ");
        mlg_put_count(out, check->n);
    }
    put_body_text(out, "average", check->average);
    put_body_text(out, "method", check->method);
    if (mlg_is_known(check->estimate))
        put_body_text(out, "decided by", check->decided_by);
    if (mlg_is_known(check->rows_needed)) {
        mlg_put(out, "\nrows needed: ");
        mlg_put_about(out, check->rows_needed.value);
    }
    if (check->part_count) {
        mlg_put_parts(&junit->scratch, check);
        put_body_text(out, "parts", take(junit));
    }
    if (mlg_is_known(check->constant)) {
        mlg_put(out, "\nbest constant answer: ");
        mlg_put_number(out, check->constant.value);
    }
    if (item->worst) {
        mlg_put_slice(&junit->scratch, item->worst);
        mlg_put(&junit->scratch, " ");
        mlg_put_value(&junit->scratch, item->worst);
        mlg_put(&junit->scratch, " ");
        mlg_put_bounds(&junit->scratch, item->worst);
        mlg_put(&junit->scratch, " rows ");
        mlg_put_count(&junit->scratch, item->worst->rows);
        put_body_text(out, "worst slice", take(junit));
    }
    put_groups(junit, check, out);
    for (size_t i = 0; i < check->note_count && i < ERRORS_SHOWN; i++)
        put_body_text(out, "note", check->notes[i]);
    if (check->offender_count) {
        mlg_put_offenders(&junit->scratch, check, check->offender_count);
        put_body_text(out, "found", take(junit));
    }
    put_body_text(out, "advice", check->advice);
    put_body_text(out, "because", check->because);
    if (check->file && check->line) {
        mlg_put(&junit->scratch, check->file);
        mlg_put_format(&junit->scratch, ":%lu", check->line);
        put_body_text(out, "rule", take(junit));
    }
    put_body_text(out, "id", check->id);
    put_reproduction(junit, item->gate, out);
}

static void put_case_start(struct junit *junit, struct mlg_builder *out, const char *class_name,
                           const char *name, const char *file, unsigned long line)
{
    /* Where the repository is known, a file has the name that it has there: readers put marks at its lines.
     */
    const bool is_placed = file && junit->options && junit->options->root;
    const char *placed = is_placed ? mlg_findings_place(file, junit->options, &junit->arena) : NULL;
    file = placed ? placed : file;
    mlg_put(out, "    <testcase");
    put_attribute(out, "classname", class_name, MESSAGE_CUT);
    put_attribute(out, "name", name, MESSAGE_CUT);
    mlg_put(out, " time=\"0.000\"");
    if (file) {
        put_attribute(out, "file", file, MESSAGE_CUT);
        if (line)
            mlg_put_format(out, " line=\"%lu\"", line);
    }
    mlg_put(out, ">\n");
}

static void put_element_start(struct mlg_builder *out, enum element element, const char *type,
                              const char *message)
{
    mlg_put_format(out, "      <%s", element_names[element]);
    put_attribute(out, "message", message, MESSAGE_CUT);
    if (type && element != SKIPPED)
        put_attribute(out, "type", type, NAME_CUT);
    mlg_put(out, ">");
    put_line(out, message, MESSAGE_CUT);
}

static void put_element_end(struct mlg_builder *out, enum element element)
{
    mlg_put_format(out, "</%s>\n", element_names[element]);
}

static void put_case(struct junit *junit, const struct junit_case *item, struct mlg_builder *out)
{
    const struct mlg_check_result *check = item->check;
    put_case_start(junit, out, item->class_name, item->name, check->file, check->line);
    mlg_put(out, "      <properties>\n");
    put_property(out, "        ", "mlgate.verdict", mlg_verdicts[check->verdict].word);
    put_number_property(out, "mlgate.value", check->estimate);
    if (check->comparator)
        put_property(out, "        ", "mlgate.op", check->comparator);
    put_number_property(out, "mlgate.threshold", check->limit);
    put_number_property(out, "mlgate.lower", check->lower);
    put_number_property(out, "mlgate.upper", check->upper);
    if (mlg_is_known(check->lower) || mlg_is_known(check->upper))
        put_number_property(out, "mlgate.confidence", (struct mlg_optional){true, check->confidence});
    if (is_measured(check) && check->decided_by)
        put_property(out, "        ", "mlgate.decided_by", check->decided_by);
    if (is_measured(check))
        mlg_put_format(out, "        <property name=\"mlgate.n\" value=\"%llu\"/>\n",
                       (unsigned long long)check->n);
    if (check->average)
        put_property(out, "        ", "mlgate.average", check->average);
    if (check->method)
        put_property(out, "        ", "mlgate.method", check->method);
    if (check->id)
        put_property(out, "        ", "mlgate.id", check->id);
    /* Where there is no body to tell them. */
    for (size_t i = 0; (item->element == NO_ELEMENT || item->element == SKIPPED) && i < check->note_count &&
                       i < ERRORS_SHOWN;
         i++)
        put_property(out, "        ", "mlgate.note", check->notes[i]);
    mlg_put(out, "      </properties>\n");
    if (item->element != NO_ELEMENT) {
        put_element_start(out, item->element, mlg_verdicts[check->verdict].junit_type,
                          take_message(junit, item));
        if (item->element != SKIPPED) /* its message tells all: some read only that, others only the body */
            put_evidence(junit, item, out);
        put_element_end(out, item->element);
    }
    if (check->group_count > 0 && (item->element == NO_ELEMENT || item->element == SKIPPED)) {
        mlg_put(out, "      <system-out>");
        put_groups(junit, check, out);
        mlg_put(out, "</system-out>\n");
    }
    mlg_put(out, "    </testcase>\n");
}

/* ---- which cases are listed ----------------------------------------------------------------------- */

/* What is worth its bytes: failures and errors before skipped ones, then what passed, all rows first. */
static int rank_of(const struct junit_case *item)
{
    if (item->element == FAILURE || item->element == ERROR)
        return 0;
    if (item->element == SKIPPED)
        return 1;
    return item->check->slice_count ? 3 : 2;
}

static void choose_cases(struct junit *junit)
{
    size_t used = 0;
    struct mlg_builder trial;
    mlg_builder_init(&trial, 0);
    for (size_t i = 0; i < junit->case_count && !junit->failed; i++) {
        put_case(junit, &junit->cases[i], &trial);
        junit->cases[i].bytes = trial.size;
        junit->failed = junit->failed || trial.failed;
        trial.size = 0;
    }
    mlg_builder_free(&trial);
    for (int rank = 0; rank <= 3; rank++)
        for (size_t i = 0; i < junit->case_count; i++) {
            struct junit_case *item = &junit->cases[i];
            if (rank_of(item) != rank || used + item->bytes > JUNIT_SIZE)
                continue;
            item->is_listed = true;
            used += item->bytes;
        }
}

/* ---- suites --------------------------------------------------------------------------------------- */

struct tally {
    size_t tests, failures, errors, skipped;
};

static void tally_element(struct tally *tally, enum element element)
{
    tally->tests++;
    tally->failures += element == FAILURE;
    tally->errors += element == ERROR;
    tally->skipped += element == SKIPPED;
}

/* The time without its zone, as readers want it; nothing for what is no time. */
static void put_timestamp(struct mlg_builder *out, const char *started)
{
    static const char shape[] = "0000-00-00T00:00:00";
    size_t size = 0;
    if (!started)
        return;
    for (; shape[size]; size++) {
        bool fits =
            shape[size] == '0' ? started[size] >= '0' && started[size] <= '9' : started[size] == shape[size];
        if (!fits)
            return;
    }
    mlg_put(out, " timestamp=\"");
    mlg_put_bytes(out, started, size);
    mlg_put(out, "\"");
}

static void put_seconds(struct mlg_builder *out, double seconds)
{
    bool is_fair = isfinite(seconds) && seconds >= 0 && seconds < 1e9;
    mlg_put(out, " time=\"");
    mlg_put_shown(out, is_fair ? seconds : 0, 3);
    mlg_put(out, "\"");
}

static void put_suite_start(struct junit *junit, const char *name, const struct tally *tally,
                            const char *verdict, const struct mlg_gate_result *gate)
{
    const struct mlg_results *results = junit->results;
    struct mlg_builder *out = junit->out;
    mlg_put(out, "  <testsuite name=\"mlgate.");
    put_line(out, name, NAME_CUT);
    mlg_put_format(out, "\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", tally->tests,
                   tally->failures, tally->errors, tally->skipped);
    put_seconds(out, gate ? gate->seconds : 0);
    put_timestamp(out, results->run.started);
    mlg_put(out, ">\n    <properties>\n");
    put_property(out, "      ", "mlgate.version", results->version ? results->version : "");
    put_property(out, "      ", "mlgate.verdict", verdict);
    if (gate && gate->title && gate->title[0])
        put_property(out, "      ", "mlgate.title", gate->title);
    if (gate && gate->isolation)
        put_property(out, "      ", "mlgate.isolation", gate->isolation);
    mlg_put_format(out, "      <property name=\"mlgate.seed\" value=\"%lld\"/>\n", (long long)results->seed);
    if (results->config_sha256)
        put_property(out, "      ", "mlgate.config.sha256", results->config_sha256);
    for (size_t i = 0, shown = 0; i < results->input_count; i++) {
        const struct mlg_input_result *input = &results->inputs[i];
        bool is_own = gate && gate->data && strcmp(input->name, gate->data) == 0;
        if (!input->sha256 || (shown >= INPUTS_SHOWN && !is_own))
            continue;
        shown++;
        mlg_put_format(&junit->scratch, "mlgate.data.%s.sha256", input->name);
        put_property(out, "      ", take(junit), input->sha256);
        if (!input->positive)
            continue;
        mlg_put_format(&junit->scratch, "mlgate.data.%s.positive", input->name);
        put_property(out, "      ", take(junit), input->positive);
    }
    if (results->outside_count) {
        mlg_put_outside(&junit->scratch, results);
        put_property(out, "      ", "mlgate.outside", take(junit));
    }
    /* Those of the whole stand in the first suite: there is no other place for them. */
    for (size_t i = 0; !junit->warned && i < results->warning_count && i < ERRORS_SHOWN; i++)
        put_property(out, "      ", "mlgate.warning", results->warnings[i]);
    junit->warned = true;
    mlg_put(out, "    </properties>\n");
}

/* A test case without a check: its message, then one line per text. */
static void put_plain_case(struct junit *junit, const char *class_name, const char *name,
                           enum element element, const char *type, const char *message,
                           const char *const *texts, size_t count, const char *file, unsigned long line)
{
    struct mlg_builder *out = junit->out;
    put_case_start(junit, out, class_name, name, file, line);
    put_element_start(out, element, type, message);
    for (size_t i = 0; i < count && i < ERRORS_SHOWN; i++) {
        mlg_put(out, "\n- ");
        put_line(out, texts[i], MESSAGE_CUT);
    }
    put_element_end(out, element);
    mlg_put(out, "    </testcase>\n");
}

struct omitted {
    size_t count, failing;
};

static struct omitted count_gate(const struct mlg_gate_result *gate, const struct junit_case *cases,
                                 struct tally *tally)
{
    struct omitted omitted = {0, 0};
    for (size_t i = 0; i < gate->check_count; i++) {
        if (cases[i].is_listed) {
            tally_element(tally, cases[i].element);
            continue;
        }
        omitted.count++;
        omitted.failing += rank_of(&cases[i]) == 0;
    }
    if (mlg_gate_has_own_error(gate))
        tally_element(tally, ERROR);
    if (omitted.count)
        tally_element(tally, omitted.failing ? FAILURE : SKIPPED);
    return omitted;
}

/* What the command printed that failed, line by line. */
static void put_printed(struct mlg_builder *out, const struct mlg_gate_result *gate)
{
    for (size_t i = 0; i < gate->printed_count; i++) {
        mlg_put(out, i == 0 ? "    <system-out>" : "\n");
        mlg_put_xml(out, gate->printed[i]);
    }
    if (gate->printed_count)
        mlg_put(out, "</system-out>\n");
}

static void put_gate(struct junit *junit, const struct mlg_gate_result *gate, const struct junit_case *cases)
{
    struct tally tally = {0};
    struct omitted omitted = count_gate(gate, cases, &tally);
    const char *name = cut_name(junit, gate->name ? gate->name : "");
    put_suite_start(junit, name, &tally, mlg_verdicts[gate->verdict].word, gate);
    mlg_put_format(&junit->scratch, "mlgate.%s", name);
    const char *class_name = take(junit);
    if (mlg_gate_has_own_error(gate))
        put_plain_case(junit, class_name, settle_name(junit, class_name, "gate"), ERROR,
                       mlg_verdicts[MLG_VERDICT_ERROR].junit_type, gate->error, NULL, 0, gate->file,
                       gate->line);
    for (size_t i = 0; i < gate->check_count; i++)
        if (cases[i].is_listed)
            put_case(junit, &cases[i], junit->out);
    if (omitted.count) {
        mlg_put_count(&junit->scratch, omitted.count);
        mlg_put(&junit->scratch, omitted.count == 1 ? " case is" : " cases are");
        mlg_put(&junit->scratch, " not listed, ");
        mlg_put_count(&junit->scratch, omitted.failing);
        mlg_put(&junit->scratch, " of them failing, because the file would grow too large for its readers; "
                                 "results.json has all");
        const char *message = take(junit);
        const char *case_name = settle_name(junit, class_name, "cases not listed");
        put_plain_case(junit, class_name, case_name, omitted.failing ? FAILURE : SKIPPED,
                       mlg_verdicts[MLG_FAIL].junit_type, message, NULL, 0, NULL, 0);
    }
    put_printed(junit->out, gate);
    mlg_put(junit->out, "  </testsuite>\n");
}

static void put_errors(struct junit *junit)
{
    const struct mlg_results *results = junit->results;
    const struct tally tally = {.tests = 1, .errors = 1};
    put_suite_start(junit, "suite", &tally, mlg_verdicts[MLG_VERDICT_ERROR].word, NULL);
    mlg_put(&junit->scratch, results->errors[0]);
    if (results->error_count > 1)
        mlg_put_format(&junit->scratch, " (and %zu more)", results->error_count - 1);
    const char *message = take(junit);
    const char *case_name = settle_name(junit, "mlgate.suite", "config");
    put_plain_case(junit, "mlgate.suite", case_name, ERROR, "mlgate.config", message, results->errors + 1,
                   results->error_count - 1, results->config_path, 0);
    mlg_put(junit->out, "  </testsuite>\n");
}

static void write_junit(const struct mlg_results *results, const struct mlg_report_options *options,
                        struct mlg_builder *out)
{
    struct junit junit = {.results = results, .options = options, .out = out};
    struct tally all = {0};
    size_t count = 0;
    mlg_arena_init(&junit.arena, MLG_BUILDER_LID * 8ul);
    mlg_builder_init(&junit.scratch, 0);
    for (size_t g = 0; g < results->gate_count; g++)
        count += results->gates[g].check_count;
    junit.case_count = count;
    junit.cases = MLG_NEW_ARRAY(&junit.arena, struct junit_case, count);
    if ((count && !junit.cases) ||
        !mlg_index_init(&junit.taken, count + 2 * results->gate_count + 1, &junit.arena)) {
        out->failed = true;
        mlg_arena_free(&junit.arena);
        return;
    }
    for (size_t g = 0, at = 0; g < results->gate_count; g++) {
        const struct mlg_gate_result *gate = &results->gates[g];
        for (size_t i = 0; i < gate->check_count; i++)
            junit.cases[at + i] = (struct junit_case){
                .gate = gate, .check = &gate->checks[i], .element = element_of(&gate->checks[i])};
        find_worst_slices(&junit, gate, junit.cases + at);
        name_cases(&junit, gate, junit.cases + at);
        at += gate->check_count;
    }
    choose_cases(&junit);
    for (size_t g = 0, at = 0; g < results->gate_count; at += results->gates[g++].check_count)
        count_gate(&results->gates[g], junit.cases + at, &all);
    if (results->error_count)
        tally_element(&all, ERROR);

    mlg_put(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    mlg_put_format(out, "<testsuites name=\"mlgate\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"",
                   all.tests, all.failures, all.errors);
    put_seconds(out, results->run.seconds);
    mlg_put(out, ">\n");
    if (results->error_count)
        put_errors(&junit);
    for (size_t g = 0, at = 0; g < results->gate_count && !junit.failed; g++) {
        put_gate(&junit, &results->gates[g], junit.cases + at);
        at += results->gates[g].check_count;
    }
    mlg_put(out, "</testsuites>\n");
    out->failed = out->failed || junit.failed || junit.scratch.failed;
    mlg_builder_free(&junit.scratch);
    mlg_arena_free(&junit.arena);
}

const struct mlg_report mlg_report_junit = {
    .name = "junit",
    .about = "JUnit XML for the test views of GitLab, GitHub, Jenkins and Azure",
    .write = write_junit,
};
