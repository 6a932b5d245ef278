/* console: what a person reads in a terminal or in the log of a pipeline.
 *
 * Per gate: what stands in the way first. The verdict of the suite is the last line. Nothing that failed is
 * ever left out; of what passed, a stated number of lines is shown.
 */
#include <math.h>
#include <string.h>

#include "mlgate/report.h"
#include "parts.h"

extern const struct mlg_report mlg_report_console;

enum {
    LABEL_WIDEST = 60, /* a label that is wider pushes its own line only */
    LABEL_NARROWEST = 24,
    NUMBERS_WIDTH = 50, /* what a narrow terminal keeps for value, bounds and reason */
    REASON_NARROWEST = 24,
    NOTE_INDENT = 8,   /* notes under a check */
    GROUPS_SHOWN = 10, /* in the table of a check */
    DIGEST_DIGITS = 12
};

/* ---- rows ----------------------------------------------------------------------------------------- */

enum order { FAILED, ERRORS, INCONCLUSIVE, WAIVED, PASSED, NOT_APPLICABLE, REPORTED, ORDERS };

static const enum order order_of[MLG_VERDICT_COUNT] = {
    [MLG_PASS] = PASSED,          [MLG_FAIL] = FAILED,   [MLG_INCONCLUSIVE] = INCONCLUSIVE,
    [MLG_VERDICT_ERROR] = ERRORS, [MLG_WAIVED] = WAIVED, [MLG_NOT_APPLICABLE] = NOT_APPLICABLE};

static const char *const colours[ORDERS] = {
    [FAILED] = "31", [ERRORS] = "35",        [INCONCLUSIVE] = "33", [WAIVED] = "36",
    [PASSED] = "32", [NOT_APPLICABLE] = "2", [REPORTED] = "2"};

/* How many lines of a gate are shown of each, where not all are, and what is said of the others. */
static const struct {
    size_t most; /* 0: all of them */
    const char *rest;
} shown_of[ORDERS] = {[INCONCLUSIVE] = {50, "inconclusive; a json or junit report lists them all"},
                      [PASSED] = {20, "passed"},
                      [NOT_APPLICABLE] = {20, "are not applicable"},
                      [REPORTED] = {20, "reported"}};

/* One check as it is shown; every text is already safe to print. */
struct row {
    const struct mlg_check_result *check;
    enum order order;
    const char *label, *value, *bounds, *reason;
};

struct console {
    const struct mlg_results *results;
    struct mlg_builder *out;
    struct mlg_builder raw, safe; /* scratch: a line as it is, and made safe */
    struct mlg_arena arena;
    bool colour;
    size_t width;                /* 0: no limit */
    double confidence;           /* what most checks have */
    size_t label, value, bounds; /* widths of the columns */
};

/* The scratch text, escaped as a whole: no piece can become a command by standing beside another. */
static const char *take_safe(struct console *console)
{
    if (console->raw.failed)
        console->safe.failed = true;
    mlg_put_plain(&console->safe, console->raw.data);
    console->raw.size = 0;
    if (console->raw.capacity)
        console->raw.data[0] = '\0';
    const char *text = mlg_take(&console->safe, &console->arena);
    if (!text)
        console->out->failed = true;
    return text ? text : "";
}

static void put_label(struct mlg_builder *out, const struct mlg_check_result *check)
{
    mlg_put_check(out, check, " / ");
    if (check->slice_count) {
        mlg_put(out, " / ");
        mlg_put_slice(out, check);
    }
}

static void make_row(struct console *console, const struct mlg_gate_result *gate,
                     const struct mlg_check_result *check, enum order order, struct row *row)
{
    row->check = check;
    row->order = order;
    put_label(&console->raw, check);
    row->label = take_safe(console);
    mlg_put_value(&console->raw, check);
    row->value = take_safe(console);
    mlg_put_bounds(&console->raw, check);
    row->bounds = take_safe(console);
    mlg_put_reason(&console->raw, gate, check, order == REPORTED, console->confidence);
    row->reason = take_safe(console);
}

/* ---- lines ---------------------------------------------------------------------------------------- */

static void put_spaces(struct mlg_builder *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        mlg_put(out, " ");
}

static void widen(size_t *width, const char *text)
{
    size_t needed = mlg_text_width(text);
    if (needed > *width)
        *width = needed;
}

static size_t point_size(const char *text)
{
    size_t size = 1;
    while ((text[size] & 0xc0) == 0x80)
        size++;
    return size;
}

/* How many bytes of `text` go on a line of `room` columns: up to the last space that fits, else as many
 * characters as fit. Never so that the next line begins with ':', which a runner could take for a command. */
static size_t fit(const char *text, size_t room)
{
    size_t at = 0, columns = 0, best = 0;
    while (text[at] && columns < room) {
        at += point_size(text + at);
        columns++;
        if (text[at] == ' ' && text[at + 1] != ':' && text[at + 1] != ' ')
            best = at;
    }
    if (!text[at])
        return at;
    if (best)
        return best;
    while (text[at] == ':' || text[at] == ' ')
        at += point_size(text + at);
    return at;
}

/* Writes `text` from `column` on, going on at `indent` on further lines; ends without a newline. */
static void put_wrapped(struct console *console, const char *text, size_t column, size_t indent)
{
    size_t width = console->width;
    if (width && indent > width / 2)
        indent = width / 2;
    while (width && mlg_text_width(text) > (column < width ? width - column : 0)) {
        size_t room = column < width ? width - column : 1;
        size_t size = fit(text, room), shown = size;
        while (shown && text[shown - 1] == ' ')
            shown--;
        mlg_put_bytes(console->out, text, shown);
        text += size;
        text += strspn(text, " ");
        if (!*text)
            return;
        mlg_put(console->out, "\n");
        put_spaces(console->out, indent);
        column = indent;
    }
    mlg_put(console->out, text);
}

static void put_symbol(struct console *console, enum order order, const char *symbol)
{
    if (console->colour)
        mlg_put_format(console->out, "\x1b[%sm%s\x1b[0m", colours[order], symbol);
    else
        mlg_put(console->out, symbol);
}

static const char *symbol_of(const struct row *row)
{
    return row->order == REPORTED ? "info" : mlg_verdicts[row->check->verdict].symbol;
}

/* A line of its own under a check: "        note: ...". */
static void put_note(struct console *console, const char *word, const char *text)
{
    mlg_put(&console->raw, word);
    mlg_put(&console->raw, text);
    const char *line = take_safe(console);
    put_spaces(console->out, NOTE_INDENT);
    put_wrapped(console, line, NOTE_INDENT, NOTE_INDENT + 2);
    mlg_put(console->out, "\n");
}

/* Spaces up to `target`; where the line is beyond it, a new line in a terminal, two spaces in a log. Returns
 * the column that was reached. */
static size_t go_to(struct console *console, size_t column, size_t target)
{
    if (column + 2 > target && !console->width) {
        mlg_put(console->out, "  ");
        return column + 2;
    }
    if (column + 2 > target) {
        mlg_put(console->out, "\n");
        column = 0;
    }
    put_spaces(console->out, target - column);
    return target;
}

static void put_numbers_and_reason(struct console *console, const struct row *row, size_t column)
{
    size_t reason = column;
    if (row->value[0] || row->bounds[0]) {
        mlg_put(console->out, row->value);
        reason += console->value + 2;
        column += mlg_text_width(row->value);
        if (row->bounds[0]) {
            put_spaces(console->out, reason - column);
            mlg_put(console->out, row->bounds);
            column = reason + mlg_text_width(row->bounds);
        }
        reason += console->bounds ? console->bounds + 2 : 0;
    }
    if (!row->reason[0])
        return;
    bool fits = !console->width || reason + mlg_text_width(row->reason) <= console->width ||
                reason + REASON_NARROWEST <= console->width;
    if (!fits) {
        mlg_put(console->out, "\n");
        column = 0;
        reason = NOTE_INDENT + 2;
    }
    put_spaces(console->out, reason - column);
    put_wrapped(console, row->reason, reason, reason);
}

/* ---- tables of groups ----------------------------------------------------------------------------- */

enum cell { GROUP, ROWS, POSITIVES, VALUE, BOUNDS, SHARE, DISPARITY, CELLS };

struct table_row {
    const struct mlg_group_result *group;
    const char *cells[CELLS], *note;
};

struct table {
    const struct mlg_check_result *check;
    struct table_row rows[GROUPS_SHOWN];
    size_t row_count, hidden;
    const char *titles[CELLS];
    size_t widths[CELLS]; /* 0: no group has it */
    size_t widest_name;
    struct mlg_group_decimals decimals;
};

/* Words are aligned to the left, numbers to the right. */
static bool is_number(enum cell cell)
{
    return cell != GROUP && cell != BOUNDS;
}

static void fill_cells(struct console *console, const struct table *table, struct table_row *row)
{
    struct mlg_builder *raw = &console->raw;
    const struct mlg_check_result *check = table->check;
    const struct mlg_group_result *group = row->group;
    mlg_put_group(raw, group);
    row->cells[GROUP] = take_safe(console);
    mlg_put_count(raw, group->n);
    row->cells[ROWS] = take_safe(console);
    mlg_put_group_positives(raw, group);
    row->cells[POSITIVES] = take_safe(console);
    mlg_put_group_value(raw, check, group, table->decimals);
    row->cells[VALUE] = take_safe(console);
    mlg_put_group_bounds(raw, check, group, table->decimals);
    row->cells[BOUNDS] = take_safe(console);
    mlg_put_group_share(raw, group);
    row->cells[SHARE] = take_safe(console);
    mlg_put_group_disparity(raw, check, group, table->decimals);
    row->cells[DISPARITY] = take_safe(console);
    mlg_put(raw, group->note ? group->note : "");
    row->note = take_safe(console);
}

/* The quantity's name stands above value, bounds and share together. */
static void widen_for_quantity(struct table *table)
{
    size_t span = 0, last = VALUE;
    for (size_t cell = VALUE; cell <= SHARE; cell++)
        if (table->widths[cell]) {
            span += (span ? 2 : 0) + table->widths[cell];
            last = cell;
        }
    const size_t needed = mlg_text_width(table->titles[VALUE]);
    if (span && span < needed)
        table->widths[last] += needed - span;
}

static void make_table(struct console *console, const struct mlg_check_result *check, struct table *table)
{
    size_t chosen[GROUPS_SHOWN];
    *table = (struct table){.check = check,
                            .titles = {[GROUP] = "group", [ROWS] = "rows", [POSITIVES] = "positives"}};
    table->row_count = mlg_choose_groups(check, GROUPS_SHOWN, chosen);
    table->hidden = check->group_count - table->row_count;
    table->decimals = mlg_group_decimals(check, chosen, table->row_count);
    mlg_put(&console->raw, check->group_quantity ? check->group_quantity : "value");
    table->titles[VALUE] = take_safe(console);
    mlg_put(&console->raw, "against ");
    mlg_put(&console->raw, check->group_against ? check->group_against : "best");
    table->titles[DISPARITY] = take_safe(console);
    for (size_t i = 0; i < table->row_count; i++) {
        table->rows[i].group = &check->groups[chosen[i]];
        fill_cells(console, table, &table->rows[i]);
        widen(&table->widest_name, table->rows[i].cells[GROUP]);
        for (size_t cell = 0; cell < CELLS; cell++)
            if (cell != GROUP || mlg_text_width(table->rows[i].cells[GROUP]) <= LABEL_WIDEST)
                widen(&table->widths[cell], table->rows[i].cells[cell]);
    }
    for (size_t cell = 0; cell < CELLS; cell++)
        if ((table->widths[cell] || cell == GROUP) && table->titles[cell] && cell != VALUE)
            widen(&table->widths[cell], table->titles[cell]);
    widen_for_quantity(table);
}

static size_t table_width(const struct table *table)
{
    size_t width = NOTE_INDENT;
    if (table->widest_name > table->widths[GROUP])
        width += table->widest_name - table->widths[GROUP];
    for (size_t cell = 0; cell < CELLS; cell++)
        width += table->widths[cell] ? table->widths[cell] + 2 : 0;
    return width - 2;
}

/* Writes the text of a cell that begins at `start`; `*column` is where the line ends, before and after. */
static void put_cell(struct console *console, const char *text, size_t start, size_t *column)
{
    if (!text || !text[0])
        return;
    put_spaces(console->out, start - *column);
    mlg_put(console->out, text);
    *column = start + mlg_text_width(text);
}

static void put_table_row(struct console *console, const struct table *table, const char *const *cells,
                          const char *note)
{
    size_t start = 0, column = 0;
    for (size_t cell = 0; cell < CELLS; cell++) {
        const size_t width = table->widths[cell];
        if (cell == 0)
            start = NOTE_INDENT;
        if (note && note[0] && cell == (cells[VALUE] && cells[VALUE][0] ? DISPARITY : VALUE)) {
            put_spaces(console->out, start - column);
            put_wrapped(console, note, start, start);
            break;
        }
        if (width == 0)
            continue;
        /* The title of the value leans to the left, over all that belongs to the value. */
        const bool leans = is_number((enum cell)cell) && !(cells == table->titles && cell == VALUE);
        const size_t used = cells[cell] ? mlg_text_width(cells[cell]) : 0;
        put_cell(console, cells[cell], leans ? start + width - used : start, &column);
        start += width + 2;
        if (cell == GROUP && column + 2 > start)
            start = column + 2; /* a wider name pushes its own line only */
    }
    mlg_put(console->out, "\n");
}

/* In a narrow terminal: a group's name, and under it what is told of the group. */
static void put_group_lines(struct console *console, const struct table *table)
{
    for (size_t i = 0; i < table->row_count; i++) {
        put_spaces(console->out, NOTE_INDENT);
        put_wrapped(console, table->rows[i].cells[GROUP], NOTE_INDENT, NOTE_INDENT + 4);
        mlg_put(console->out, "\n");
        mlg_put_group_line(&console->raw, table->check, table->rows[i].group, table->decimals);
        put_spaces(console->out, NOTE_INDENT + 2);
        put_wrapped(console, take_safe(console), NOTE_INDENT + 2, NOTE_INDENT + 4);
        mlg_put(console->out, "\n");
    }
}

static void put_groups(struct console *console, const struct mlg_check_result *check)
{
    struct table table;
    if (check->group_count == 0)
        return;
    make_table(console, check, &table);
    if (console->width && table_width(&table) > console->width) {
        put_group_lines(console, &table);
    } else {
        put_table_row(console, &table, table.titles, NULL);
        for (size_t i = 0; i < table.row_count; i++)
            put_table_row(console, &table, table.rows[i].cells, table.rows[i].note);
    }
    if (table.hidden == 0)
        return;
    mlg_put(&console->raw, "and ");
    mlg_put_count(&console->raw, table.hidden);
    mlg_put(&console->raw, table.hidden == 1 ? " more group" : " more groups");
    mlg_put(&console->raw, "; a json report lists them all");
    const char *line = take_safe(console);
    put_spaces(console->out, NOTE_INDENT);
    put_wrapped(console, line, NOTE_INDENT, NOTE_INDENT + 2);
    mlg_put(console->out, "\n");
}

/* ---- one check ------------------------------------------------------------------------------------ */

static bool has_same_offenders(const struct mlg_check_result *a, const struct mlg_check_result *b)
{
    if (a->offender_count != b->offender_count || a->offenders_of.known != b->offenders_of.known ||
        (a->offenders_of.known &&
         (a->offenders_of.value < b->offenders_of.value || a->offenders_of.value > b->offenders_of.value)))
        return false;
    for (size_t i = 0; i < a->offender_count; i++)
        if (strcmp(a->offenders[i], b->offenders[i]) != 0)
            return false;
    return true;
}

/* A few rows or columns say where to look; of a pass nobody asks, and what a row above found is told. The
 * other reports have more. */
static void put_offenders(struct console *console, const struct row *rows, size_t index)
{
    enum { SHOWN = 5 };
    const struct row *row = &rows[index];
    if (row->check->offender_count == 0 || row->order == PASSED)
        return;
    for (size_t i = 0; i < index; i++)
        if (rows[i].order != PASSED && has_same_offenders(rows[i].check, row->check))
            return;
    mlg_put_offenders(&console->raw, row->check, SHOWN);
    const char *line = take_safe(console);
    put_note(console, "found: ", line);
}

/* Did one of the rows above tell what this note tells? Other notes stand under each check that they are of;
 * what rows are compared by most checks of a gate have alike. */
static bool is_noted(const struct row *rows, size_t count, const char *note)
{
    static const char compared[] = "compared ";
    if (strncmp(note, compared, sizeof compared - 1) != 0)
        return false;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < rows[i].check->note_count; k++)
            if (strcmp(rows[i].check->notes[k], note) == 0)
                return true;
    return false;
}

/* Did one of the rows above give the same advice? */
static bool is_advised(const struct row *rows, size_t count, const char *advice)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].check->advice && strcmp(rows[i].check->advice, advice) == 0)
            return true;
    return false;
}

static void put_row(struct console *console, const struct row *rows, size_t index)
{
    const struct row *row = &rows[index];
    struct mlg_builder *out = console->out;
    const struct mlg_check_result *check = row->check;
    size_t values = NOTE_INDENT + console->label + 2;
    size_t column = NOTE_INDENT + mlg_text_width(row->label);
    mlg_put(out, "  ");
    put_symbol(console, row->order, symbol_of(row));
    mlg_put(out, "  ");
    put_wrapped(console, row->label, NOTE_INDENT, NOTE_INDENT + 2);
    bool has_numbers = row->value[0] || row->bounds[0];
    size_t needed = has_numbers ? console->value + 2 + console->bounds : REASON_NARROWEST;
    if (console->width && values + needed > console->width)
        values = NOTE_INDENT + 2; /* too narrow for columns: each part on a line of its own */
    if (!has_numbers && !row->reason[0]) {
        mlg_put(out, "\n");
    } else {
        column = go_to(console, column, values);
        put_numbers_and_reason(console, row, column);
        mlg_put(out, "\n");
    }
    const struct mlg_check_result other = mlg_other_table(check);
    put_groups(console, check);
    put_groups(console, &other);
    for (size_t i = 0; i < check->note_count; i++)
        if (!is_noted(rows, index, check->notes[i]))
            put_note(console, "note: ", check->notes[i]);
    put_offenders(console, rows, index);
    if (check->advice && !is_advised(rows, index, check->advice))
        put_note(console, "advice: ", check->advice);
    if (check->because && check->because[0] && row->order <= WAIVED)
        put_note(console, "because: ", check->because);
}

/* ---- gates ---------------------------------------------------------------------------------------- */

struct gate_rows {
    struct row *rows;
    size_t count;
    size_t hidden[ORDERS];
};

/* What blocks stands before what does not; of those that do not all fit, the ones on all rows and those whose
 * limit says nothing before other slices. */
static unsigned rank_of(const struct mlg_check_result *check, enum order order, bool is_cut)
{
    bool is_idle = order != REPORTED && mlg_verdicts[check->verdict].exit_code != MLG_EXIT_PASS &&
                   !mlg_check_blocks(check);
    return (is_idle ? 2U : 0U) + (is_cut && check->slice_count > 0 && !check->limit_is_vacuous ? 1U : 0U);
}

enum { RANKS = 4 };

/* Which checks of a gate are shown, in which order; the others are counted. */
static void choose_rows(struct console *console, const struct mlg_gate_result *gate, struct gate_rows *chosen)
{
    size_t totals[ORDERS] = {0}, shown[ORDERS] = {0}, room = 0;
    for (size_t i = 0; i < gate->check_count; i++)
        totals[order_of[gate->checks[i].verdict]]++;
    totals[REPORTED] = gate->reported_count;
    for (enum order order = 0; order < ORDERS; order++)
        room += shown_of[order].most && totals[order] > shown_of[order].most ? shown_of[order].most
                                                                             : totals[order];
    chosen->rows = MLG_NEW_ARRAY(&console->arena, struct row, room);
    if (room && !chosen->rows) {
        console->out->failed = true;
        return;
    }
    for (enum order order = 0; order < ORDERS; order++) {
        size_t most = shown_of[order].most ? shown_of[order].most : totals[order];
        bool cut = totals[order] > most;
        const struct mlg_check_result *checks = order == REPORTED ? gate->reported : gate->checks;
        size_t count = order == REPORTED ? gate->reported_count : gate->check_count;
        for (unsigned rank = 0; rank < RANKS && totals[order]; rank++)
            for (size_t i = 0; i < count && shown[order] < most; i++) {
                const struct mlg_check_result *check = &checks[i];
                if (order != REPORTED && order_of[check->verdict] != order)
                    continue;
                if (rank_of(check, order, cut) != rank)
                    continue;
                shown[order]++;
                make_row(console, gate, check, order, &chosen->rows[chosen->count++]);
            }
        chosen->hidden[order] = totals[order] - shown[order];
    }
}

static void measure(struct console *console, const struct gate_rows *gates, size_t count)
{
    size_t widest = LABEL_WIDEST;
    if (console->width) {
        size_t rest = console->width > NUMBERS_WIDTH ? console->width - NUMBERS_WIDTH : 0;
        widest = rest < LABEL_NARROWEST ? LABEL_NARROWEST : rest;
    }
    for (size_t g = 0; g < count; g++)
        for (size_t i = 0; i < gates[g].count; i++) {
            const struct row *row = &gates[g].rows[i];
            if (mlg_text_width(row->label) <= widest)
                widen(&console->label, row->label);
            widen(&console->value, row->value);
            widen(&console->bounds, row->bounds);
        }
}

static void put_gate(struct console *console, const struct mlg_gate_result *gate,
                     const struct gate_rows *chosen)
{
    mlg_put(&console->raw, gate->title && gate->title[0] ? gate->title : gate->name);
    put_wrapped(console, take_safe(console), 0, 2);
    mlg_put(console->out, "\n");
    if (gate->error) {
        mlg_put(&console->raw, gate->error);
        if (gate->file && gate->line) {
            mlg_put(&console->raw, " (");
            mlg_put(&console->raw, gate->file);
            mlg_put_format(&console->raw, ":%lu)", gate->line);
        }
        const char *text = take_safe(console);
        mlg_put(console->out, "  ");
        put_symbol(console, ERRORS, mlg_verdicts[MLG_VERDICT_ERROR].symbol);
        mlg_put(console->out, "  ");
        put_wrapped(console, text, NOTE_INDENT, NOTE_INDENT);
        mlg_put(console->out, "\n");
        for (size_t i = 0; i < gate->printed_count; i++) {
            put_spaces(console->out, NOTE_INDENT);
            mlg_put(console->out, "| ");
            mlg_put(&console->raw, gate->printed[i]);
            mlg_put(console->out, take_safe(console));
            mlg_put(console->out, "\n");
        }
    }
    for (size_t i = 0; i < chosen->count; i++) {
        put_row(console, chosen->rows, i);
        enum order order = chosen->rows[i].order;
        bool is_last = i + 1 == chosen->count || chosen->rows[i + 1].order != order;
        if (is_last && chosen->hidden[order]) {
            put_spaces(console->out, NOTE_INDENT);
            mlg_put(console->out, "and ");
            mlg_put_count(console->out, chosen->hidden[order]);
            mlg_put_format(console->out, " more %s\n", shown_of[order].rest);
        }
    }
    if (chosen->count == 0 && !gate->error)
        mlg_put(console->out, "        nothing to judge\n");
    if (gate->isolation) {
        mlg_put(console->out, "  ");
        mlg_put(&console->raw, "isolation: ");
        mlg_put(&console->raw, gate->isolation);
        put_wrapped(console, take_safe(console), 2, NOTE_INDENT);
        mlg_put(console->out, "\n");
    }
}

/* ---- the end -------------------------------------------------------------------------------------- */

static void put_line(struct console *console, size_t indent)
{
    put_wrapped(console, take_safe(console), 0, indent);
    mlg_put(console->out, "\n");
}

static void put_digest(struct mlg_builder *out, const char *sha256)
{
    mlg_put(out, ", sha256 ");
    size_t size = strlen(sha256);
    mlg_put_bytes(out, sha256, size < DIGEST_DIGITS ? size : DIGEST_DIGITS);
}

static void put_footer(struct console *console)
{
    const struct mlg_results *results = console->results;
    struct mlg_builder *raw = &console->raw;
    for (size_t i = 0; i < results->input_count; i++) {
        const struct mlg_input_result *input = &results->inputs[i];
        mlg_put(raw, "data ");
        mlg_put(raw, input->name);
        mlg_put(raw, ": ");
        mlg_put(raw, input->path ? input->path : "-");
        if (input->sha256) { /* read to the end */
            mlg_put(raw, ", ");
            mlg_put_count(raw, input->rows);
            mlg_put(raw, input->rows == 1 ? " row" : " rows");
        } else {
            mlg_put(raw, ", not judged");
        }
        if (input->dropped) {
            mlg_put(raw, ", ");
            mlg_put_count(raw, input->dropped);
            mlg_put(raw, " dropped");
        }
        if (input->positive) {
            mlg_put(raw, ", positive '");
            mlg_put(raw, input->positive);
            mlg_put(raw, "'");
        }
        if (input->sha256)
            put_digest(raw, input->sha256);
        put_line(console, 2);
    }
    if (results->config_path) {
        mlg_put(raw, "config: ");
        mlg_put(raw, results->config_path);
        if (results->config_sha256)
            put_digest(raw, results->config_sha256);
        put_line(console, 2);
    }
    if (results->outside_count) {
        mlg_put(raw, "from outside: ");
        mlg_put_outside(raw, results);
        put_line(console, 2);
    }
    mlg_put(raw, "mlgate ");
    mlg_put(raw, results->version ? results->version : "");
    mlg_put_format(raw, ", seed %lld", (long long)results->seed);
    put_line(console, 2);
    if (results->run.cached) {
        mlg_put(raw, "cached: judged at ");
        mlg_put(raw, results->run.cached);
        mlg_put(raw, ", and nothing that was read has changed since; --no-cache judges again");
        put_line(console, 2);
    }
}

static void put_verdict(struct console *console)
{
    mlg_put_conclusion(&console->raw, console->results);
    const char *line = take_safe(console);
    mlg_put_conclusion_bounds(&console->raw, console->results);
    const char *end = take_safe(console);
    size_t gap = 10, used = mlg_text_width(line) + mlg_text_width(end);
    if (console->width && used + gap > console->width)
        gap = 2;
    for (size_t i = 0; i < gap; i++)
        mlg_put(&console->raw, " ");
    const char *spaces = mlg_arena_copy(&console->arena, console->raw.data, console->raw.size);
    console->raw.size = 0;
    mlg_put(&console->raw, line);
    mlg_put(&console->raw, spaces ? spaces : "  ");
    mlg_put(&console->raw, end);
    put_wrapped(console, console->raw.data, 0, 2);
    mlg_put(console->out, "\n");
}

static void put_texts(struct console *console, const char *word, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        mlg_put(&console->raw, word);
        mlg_put(&console->raw, texts[i]);
        put_line(console, 2);
    }
}

static void put_errors(struct console *console)
{
    const struct mlg_results *results = console->results;
    for (size_t i = 0; i < results->error_count; i++) {
        mlg_put(&console->raw, results->errors[i]);
        const char *text = take_safe(console);
        put_symbol(console, ERRORS, mlg_verdicts[MLG_VERDICT_ERROR].symbol);
        mlg_put(console->out, "  ");
        put_wrapped(console, text, 6, 6);
        mlg_put(console->out, "\n");
    }
}

static void write_console(const struct mlg_results *results, const struct mlg_report_options *options,
                          struct mlg_builder *out)
{
    struct console console = {.results = results, .out = out};
    if (options) {
        console.colour = options->colour;
        console.width = options->width;
    }
    if (console.width && console.width < 40)
        console.width = 40; /* narrower, nothing can be read anyway */
    mlg_arena_init(&console.arena, MLG_BUILDER_LID * 4ul);
    mlg_builder_init(&console.raw, 0);
    mlg_builder_init(&console.safe, 0);
    console.confidence = mlg_usual_confidence(results);
    struct gate_rows *gates = MLG_NEW_ARRAY(&console.arena, struct gate_rows, results->gate_count);
    if (results->gate_count && !gates) {
        out->failed = true;
        mlg_arena_free(&console.arena);
        return;
    }
    for (size_t g = 0; g < results->gate_count; g++)
        choose_rows(&console, &results->gates[g], &gates[g]);
    measure(&console, gates, results->gate_count);
    for (size_t g = 0; g < results->gate_count && !out->failed; g++)
        put_gate(&console, &results->gates[g], &gates[g]);
    if (results->gate_count)
        mlg_put(out, "\n");

    put_errors(&console);
    put_texts(&console, "warning: ", results->warnings, results->warning_count);
    if (results->counts[MLG_INCONCLUSIVE])
        put_texts(
            &console, "inconclusive: ",
            (const char *const[]){"the data show neither that the limit is met nor that it is missed; why "
                                  "stands beside each check"},
            1);
    if (results->error_count || results->warning_count || results->counts[MLG_INCONCLUSIVE])
        mlg_put(out, "\n");
    put_footer(&console);
    mlg_put(out, "\n");
    put_verdict(&console);
    out->failed = out->failed || console.raw.failed || console.safe.failed;
    mlg_builder_free(&console.raw);
    mlg_builder_free(&console.safe);
    mlg_arena_free(&console.arena);
}

const struct mlg_report mlg_report_console = {
    .name = "console",
    .about = "lines for a terminal: what stands in the way first, the verdict last",
    .write = write_console,
};
