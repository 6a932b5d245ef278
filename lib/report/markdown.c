/* markdown: the summary of a job and the text of a comment: the verdict, what blocks, then all of it, folded.
 *
 * Always true: a row is one line; what comes from data stands in code spans, or escaped, so that it is no
 * markup, calls nobody and links nowhere; the text stays within its room and says what it leaves out.
 */
#include <math.h>
#include <string.h>

#include "mlgate/report.h"
#include "parts.h"

extern const struct mlg_report mlg_report_markdown;

enum {
    TEXT_CUT = 1000,     /* bytes of foreign text, each */
    CHANGES_SHARE = 3,   /* of the room, for what changed */
    TEXTS_SHOWN = 20,    /* errors and warnings of the suite, inputs */
    DETAILS_SHOWN = 100, /* checks of which more than a row is told */
    GROUPS_SHOWN = 10,
    OFFENDERS_SHOWN = 10,
    PICTURE = 25, /* columns */
    DIGEST_DIGITS = 12
};

static const char warning_mark[] = "\xe2\x9a\xa0\xef\xb8\x8f";

struct markdown {
    const struct mlg_results *results;
    const struct mlg_report_options *options;
    struct mlg_builder *out;
    struct mlg_builder raw, safe; /* scratch: a text as it is, and made safe */
    struct mlg_builder piece;     /* what goes out whole or not at all */
    size_t room, reserve;         /* bytes; the last ones are for what closes the text */
    double confidence;            /* what most checks have */
};

/* ---- text ----------------------------------------------------------------------------------------- */

static void empty(struct mlg_builder *builder)
{
    builder->size = 0;
    if (builder->capacity)
        builder->data[0] = '\0';
}

/* Cuts what stands in `raw`; true if it was too long. */
static bool cut_raw(struct markdown *markdown)
{
    struct mlg_builder *raw = &markdown->raw;
    size_t size = TEXT_CUT;
    if (raw->size <= TEXT_CUT)
        return false;
    while (size && (raw->data[size] & 0xc0) == 0x80)
        size--;
    raw->data[size] = '\0';
    raw->size = size;
    return true;
}

static size_t longest_run(const struct mlg_builder *text, char mark)
{
    size_t longest = 0, run = 0;
    for (size_t i = 0; i < text->size; i++) {
        run = text->data[i] == mark ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static void put_fence(struct mlg_builder *out, size_t ticks)
{
    for (size_t i = 0; i <= ticks; i++)
        mlg_put(out, "`");
}

/* What stands in `raw`, as a code span: nothing within it is markup. A bar would end the cell of a table. */
static void put_code(struct markdown *markdown)
{
    struct mlg_builder *out = &markdown->piece, *safe = &markdown->safe;
    const bool is_cut = cut_raw(markdown);
    empty(safe);
    if (markdown->raw.size)
        mlg_put_plain(safe, markdown->raw.data);
    if (is_cut)
        mlg_put(safe, "\xe2\x80\xa6");
    const size_t ticks = longest_run(safe, '`');
    if (safe->size) {
        put_fence(out, ticks);
        mlg_put(out, ticks ? " " : "");
        for (size_t i = 0; i < safe->size; i++)
            if (safe->data[i] != '|')
                mlg_put_bytes(out, safe->data + i, 1);
            else
                mlg_put(out, i && safe->data[i - 1] == '\\' ? "\\x7c" : "\\|");
        mlg_put(out, ticks ? " " : "");
        put_fence(out, ticks);
    }
    out->failed = out->failed || safe->failed || markdown->raw.failed;
    empty(&markdown->raw);
}

/* What stands in `raw`, as words of the text. */
static void put_words(struct markdown *markdown)
{
    const bool is_cut = cut_raw(markdown);
    if (markdown->raw.size)
        mlg_put_markdown(&markdown->piece, markdown->raw.data);
    if (is_cut)
        mlg_put(&markdown->piece, "\xe2\x80\xa6");
    markdown->piece.failed = markdown->piece.failed || markdown->raw.failed;
    empty(&markdown->raw);
}

static void put_code_of(struct markdown *markdown, const char *text)
{
    mlg_put(&markdown->raw, text ? text : "");
    put_code(markdown);
}

static void put_words_of(struct markdown *markdown, const char *text)
{
    mlg_put(&markdown->raw, text ? text : "");
    put_words(markdown);
}

/* Puts the piece out where there is room for it. */
static bool flush(struct markdown *markdown)
{
    struct mlg_builder *out = markdown->out, *piece = &markdown->piece;
    const bool fits = out->size + piece->size + markdown->reserve <= markdown->room;
    if (fits && piece->size)
        mlg_put_bytes(out, piece->data, piece->size);
    out->failed = out->failed || piece->failed;
    empty(piece);
    return fits;
}

/* ---- the picture of an interval ------------------------------------------------------------------- */

/* Marks of one width in the fonts of code: of the side that misses the limit and of the one that meets it,
 * the limit, the interval, its ends, the value; and these on the limit. */
enum mark { MISSED, MET, LIMIT, LINE, LEFT, RIGHT, VALUE, LINE_ON, LEFT_ON, RIGHT_ON, VALUE_ON };
static const char *const marks[] = {
    [MISSED] = "\xe2\x96\x91",   [MET] = "\xc2\xb7",          [LIMIT] = "\xe2\x94\x83",
    [LINE] = "\xe2\x94\x80",     [LEFT] = "\xe2\x94\x9c",     [RIGHT] = "\xe2\x94\xa4",
    [VALUE] = "\xe2\x94\xbc",    [LINE_ON] = "\xe2\x95\x82",  [LEFT_ON] = "\xe2\x94\xa0",
    [RIGHT_ON] = "\xe2\x94\xa8", [VALUE_ON] = "\xe2\x95\x8b",
};

struct scale {
    double left, right, limit;
    int limit_column;
};

static int raw_column(const struct scale *scale, double value)
{
    const double at = floor((value - scale->left) / (scale->right - scale->left) * PICTURE);
    return at < 0 ? 0 : at >= PICTURE ? PICTURE - 1 : (int)at;
}

/* A value beside the limit is never shown on it, nor beyond it. */
static int column_of(const struct scale *scale, double value)
{
    const int column = raw_column(scale, value), limit = scale->limit_column;
    if (value < scale->limit)
        return column < limit ? column : limit - 1;
    if (value > scale->limit)
        return column > limit ? column : limit + 1;
    return limit;
}

static bool make_scale(const struct mlg_check_result *check, struct scale *scale)
{
    const struct mlg_optional values[] = {check->estimate, check->lower, check->upper, check->limit};
    double least = check->limit.value, most = check->limit.value;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (mlg_is_known(values[i])) {
            least = fmin(least, values[i].value);
            most = fmax(most, values[i].value);
        }
    double span = most - least;
    if (!(span > 0))
        span = fabs(most) > 0 ? fabs(most) : 1;
    scale->left = least - 0.1 * span;
    scale->right = most + 0.1 * span;
    scale->limit = check->limit.value;
    if (!isfinite(scale->right - scale->left) || !(scale->right > scale->left))
        return false;
    scale->limit_column = raw_column(scale, scale->limit);
    return scale->limit_column > 0 && scale->limit_column < PICTURE - 1;
}

static void draw_interval(const struct mlg_check_result *check, const struct scale *scale,
                          enum mark picture[PICTURE])
{
    const bool has_lower = mlg_is_known(check->lower), has_upper = mlg_is_known(check->upper);
    const bool is_exact = check->method && strcmp(check->method, "exact") == 0;
    if ((!has_lower && !has_upper) || is_exact)
        return;
    const int first = has_lower ? column_of(scale, check->lower.value) : 0;
    const int last = has_upper ? column_of(scale, check->upper.value) : PICTURE - 1;
    for (int i = first; i <= last; i++) {
        const bool on = i == scale->limit_column;
        if (i == first && has_lower)
            picture[i] = on ? LEFT_ON : LEFT;
        else if (i == last && has_upper)
            picture[i] = on ? RIGHT_ON : RIGHT;
        else
            picture[i] = on ? LINE_ON : LINE;
    }
}

/* Nothing where there is no value, or no limit to set it against. */
static void put_picture(struct mlg_builder *out, const struct mlg_check_result *check)
{
    struct scale scale;
    enum mark picture[PICTURE];
    if (!mlg_is_known(check->estimate) || !mlg_is_known(check->limit) || !check->comparator ||
        !make_scale(check, &scale))
        return;
    const bool wants_more = check->comparator[0] == '>';
    for (int i = 0; i < PICTURE; i++) {
        const bool meets = (i > scale.limit_column) == wants_more;
        picture[i] = i == scale.limit_column ? LIMIT : meets ? MET : MISSED;
    }
    draw_interval(check, &scale, picture);
    const int value = column_of(&scale, check->estimate.value);
    picture[value] = value == scale.limit_column ? VALUE_ON : VALUE;
    mlg_put(out, "`");
    for (int i = 0; i < PICTURE; i++)
        mlg_put(out, marks[picture[i]]);
    mlg_put(out, "`");
}

static void put_legend(struct mlg_builder *out)
{
    mlg_put_format(out,
                   "\n`%s` is the limit, `%s` misses it, `%s` meets it; `%s%s%s%s%s` is the interval around "
                   "the value.\n",
                   marks[LIMIT], marks[MISSED], marks[MET], marks[LEFT], marks[LINE], marks[VALUE],
                   marks[LINE], marks[RIGHT]);
}

/* ---- tables of checks ----------------------------------------------------------------------------- */

static void put_table_head(struct mlg_builder *out, bool has_gate)
{
    mlg_put(out, has_gate ? "| verdict | gate | check | value | interval | limit | picture | why |\n"
                            "|---|---|---|--:|---|---|---|---|\n"
                          : "| verdict | check | value | interval | limit | picture | why |\n"
                            "|---|---|--:|---|---|---|---|\n");
}

/* A check as it is written ends in its limit, which has a cell of its own: where what is in front ends. */
static size_t limit_at(const struct mlg_check_result *check)
{
    const char *written = check->check ? check->check : "";
    const char *last = NULL, *at = written;
    for (; check->comparator && (at = strstr(at, check->comparator)) != NULL; at++)
        last = at;
    size_t size = last ? (size_t)(last - written) : strlen(written);
    while (last && size && written[size - 1] == ' ')
        size--;
    return size;
}

static void put_quantity(struct markdown *markdown, const struct mlg_check_result *check)
{
    struct mlg_check_result left = *check;
    struct mlg_builder written;
    mlg_builder_init(&written, 0);
    mlg_put_bytes(&written, check->check ? check->check : "", limit_at(check));
    left.check = written.size ? written.data : "";
    mlg_put_check(&markdown->raw, &left, " ");
    markdown->raw.failed = markdown->raw.failed || written.failed;
    mlg_builder_free(&written);
    put_code(markdown);
    if (check->slice_count) {
        mlg_put(&markdown->piece, "<br>");
        mlg_put_slice(&markdown->raw, check);
        put_code(markdown);
    }
}

static void put_limit(struct markdown *markdown, const struct mlg_check_result *check)
{
    const char *rest = (check->check ? check->check : "") + limit_at(check);
    if (!check->comparator)
        return;
    mlg_put(&markdown->raw, rest + strspn(rest, " "));
    if (!*rest && mlg_is_known(check->limit)) {
        mlg_put(&markdown->raw, check->comparator);
        mlg_put(&markdown->raw, " ");
        mlg_put_number(&markdown->raw, check->limit.value);
    }
    put_code(markdown);
}

static void put_verdict(struct mlg_builder *out, enum mlg_verdict verdict)
{
    mlg_put_format(out, "%s ", mlg_verdicts[verdict].mark);
    for (const char *c = mlg_verdicts[verdict].word; *c; c++)
        mlg_put_bytes(out, *c == '_' ? " " : c, 1);
}

static bool put_row(struct markdown *markdown, const struct mlg_gate_result *gate,
                    const struct mlg_check_result *check, bool is_reported, bool has_gate)
{
    struct mlg_builder *out = &markdown->piece;
    mlg_put(out, "| ");
    if (is_reported)
        mlg_put(out, "reported");
    else
        put_verdict(out, check->verdict);
    mlg_put(out, " | ");
    if (has_gate) {
        put_code_of(markdown, gate->name);
        mlg_put(out, " | ");
    }
    put_quantity(markdown, check);
    mlg_put(out, " | ");
    mlg_put_value(out, check);
    mlg_put(out, " | ");
    mlg_put_bounds(out, check);
    mlg_put(out, " | ");
    put_limit(markdown, check);
    mlg_put(out, " | ");
    put_picture(out, check);
    mlg_put(out, " | ");
    mlg_put_reason(&markdown->raw, gate, check, is_reported, markdown->confidence);
    put_words(markdown);
    mlg_put(out, " |\n");
    return flush(markdown);
}

static void put_left_out(struct markdown *markdown, size_t count, const char *one, const char *several)
{
    if (count == 0)
        return;
    mlg_put(markdown->out, "\nand ");
    mlg_put_count(markdown->out, count);
    mlg_put_format(markdown->out, " more %s; results.json has all\n", mlg_plural(count, one, several));
}

/* ---- what blocks ---------------------------------------------------------------------------------- */

/* What fails stands before what could not be measured or decided. */
static const enum mlg_verdict order[] = {MLG_FAIL, MLG_VERDICT_ERROR, MLG_INCONCLUSIVE};
enum { ORDERS = sizeof order / sizeof *order };

struct blocking {
    const struct mlg_gate_result *gate;
    const struct mlg_check_result *check; /* NULL: there is no more */
    size_t turn, g, i;                    /* where to go on */
};

/* The next check that blocks. */
static bool next(const struct mlg_results *results, struct blocking *at)
{
    for (; at->turn < ORDERS; at->turn++, at->g = 0)
        for (; at->g < results->gate_count; at->g++, at->i = 0) {
            at->gate = &results->gates[at->g];
            while (at->i < at->gate->check_count) {
                at->check = &at->gate->checks[at->i++];
                if (at->check->verdict == order[at->turn] && mlg_check_blocks(at->check))
                    return true;
            }
        }
    return false;
}

static void put_item(struct markdown *markdown, const char *word, const char *text)
{
    if (!text || !text[0])
        return;
    mlg_put_format(&markdown->piece, "  - %s: ", word);
    put_words_of(markdown, text);
    mlg_put(&markdown->piece, "\n");
}

static void put_groups(struct markdown *markdown, const struct mlg_check_result *check)
{
    size_t chosen[GROUPS_SHOWN];
    const size_t count = mlg_choose_groups(check, GROUPS_SHOWN, chosen);
    const struct mlg_group_decimals decimals = mlg_group_decimals(check, chosen, count);
    for (size_t i = 0; i < count; i++) {
        const struct mlg_group_result *group = &check->groups[chosen[i]];
        mlg_put(&markdown->piece, "  - group ");
        mlg_put_group(&markdown->raw, group);
        put_code(markdown);
        mlg_put(&markdown->piece, ": ");
        mlg_put_group_line(&markdown->raw, check, group, decimals);
        put_words(markdown);
        mlg_put(&markdown->piece, "\n");
    }
    if (check->group_count > count) {
        mlg_put(&markdown->piece, "  - and ");
        mlg_put_count(&markdown->piece, check->group_count - count);
        mlg_put(&markdown->piece, mlg_plural(check->group_count - count, " more group\n", " more groups\n"));
    }
}

/* What a row has no room for: notes, groups, offenders, advice, why the limit is what it is, and where. */
static bool put_details(struct markdown *markdown, const struct mlg_check_result *check)
{
    const struct mlg_check_result other = mlg_other_table(check);
    struct mlg_builder *out = &markdown->piece;
    mlg_put_format(out, "- %s ", mlg_verdicts[check->verdict].mark);
    mlg_put_check(&markdown->raw, check, " / ");
    if (check->slice_count) {
        mlg_put(&markdown->raw, " / ");
        mlg_put_slice(&markdown->raw, check);
    }
    put_code(markdown);
    if (check->file && check->line) {
        mlg_put(out, " at ");
        mlg_put(&markdown->raw, check->file);
        mlg_put_format(&markdown->raw, ":%lu", check->line);
        put_code(markdown);
    }
    mlg_put(out, "\n");
    put_item(markdown, "because", check->because);
    put_groups(markdown, check);
    put_groups(markdown, &other);
    for (size_t i = 0; i < check->note_count; i++)
        put_item(markdown, "note", check->notes[i]);
    if (check->offender_count) {
        mlg_put(out, "  - found: ");
        mlg_put_offenders(&markdown->raw, check, OFFENDERS_SHOWN);
        put_words(markdown);
        mlg_put(out, "\n");
    }
    put_item(markdown, "advice", check->advice);
    return flush(markdown);
}

static void put_blocking(struct markdown *markdown)
{
    const struct mlg_results *results = markdown->results;
    struct blocking at = {0};
    size_t hidden = 0, told = 0;
    if (!next(results, &at))
        return;
    mlg_put(markdown->out, "\n### What blocks\n\n");
    put_table_head(markdown->out, true);
    do {
        hidden += !put_row(markdown, at.gate, at.check, false, true);
    } while (next(results, &at));
    put_left_out(markdown, hidden, "check that blocks", "checks that block");
    put_legend(markdown->out);
    mlg_put(markdown->out, "\n");
    at = (struct blocking){0};
    for (hidden = 0; next(results, &at);)
        hidden += told++ < DETAILS_SHOWN ? !put_details(markdown, at.check) : 1;
    put_left_out(markdown, hidden, "check has details", "checks have details");
}

/* ---- the head ------------------------------------------------------------------------------------- */

static void put_head(struct markdown *markdown)
{
    const struct mlg_results *results = markdown->results;
    const bool is_clean = results->counts[MLG_FAIL] == 0 && results->counts[MLG_INCONCLUSIVE] == 0 &&
                          results->counts[MLG_VERDICT_ERROR] == 0;
    const bool warns = results->verdict == MLG_PASS && !is_clean;
    mlg_put_format(markdown->out, "## %s mlgate ",
                   warns ? warning_mark : mlg_verdicts[results->verdict].mark);
    mlg_put_conclusion(markdown->out, results);
    mlg_put(markdown->out, "\n\n");
    mlg_put_conclusion_bounds(markdown->out, results);
    mlg_put(markdown->out, "\n");
}

static void put_texts(struct markdown *markdown, const char *title, const char *mark,
                      const char *const *texts, size_t count)
{
    size_t shown = 0;
    if (count == 0)
        return;
    mlg_put_format(markdown->out, "\n### %s\n\n", title);
    for (size_t i = 0; i < count && i < TEXTS_SHOWN; i++) {
        mlg_put_format(&markdown->piece, "- %s ", mark);
        put_words_of(markdown, texts[i]);
        mlg_put(&markdown->piece, "\n");
        shown += flush(markdown);
    }
    put_left_out(markdown, count - shown, "of them", "of them");
}

/* What the command printed that failed, folded below the error of its gate: a block of code, whose fence no
 * run of backticks in it ends. */
static bool put_printed(struct markdown *markdown, const struct mlg_gate_result *gate)
{
    enum { LEAST_TICKS = 2 };
    struct mlg_builder *out = &markdown->piece, *safe = &markdown->safe;
    const size_t count = gate->printed_count, shown = count < TEXTS_SHOWN ? count : TEXTS_SHOWN;
    if (count == 0)
        return true;
    empty(safe);
    for (size_t i = count - shown; i < count; i++) {
        mlg_put(safe, "  ");
        mlg_put(&markdown->raw, gate->printed[i]);
        const bool is_cut = cut_raw(markdown);
        if (markdown->raw.size)
            mlg_put_plain(safe, markdown->raw.data);
        mlg_put(safe, is_cut ? "\xe2\x80\xa6\n" : "\n");
        empty(&markdown->raw);
    }
    const size_t longest = longest_run(safe, '`'), ticks = longest > LEAST_TICKS ? longest : LEAST_TICKS;
    mlg_put(out, "\n  <details><summary>What its command printed last</summary>\n\n  ");
    put_fence(out, ticks);
    mlg_put(out, "\n");
    mlg_put_bytes(out, safe->data ? safe->data : "", safe->size);
    mlg_put(out, "  ");
    put_fence(out, ticks);
    mlg_put(out, "\n\n  </details>\n");
    out->failed = out->failed || safe->failed || markdown->raw.failed;
    return flush(markdown);
}

static void put_gate_errors(struct markdown *markdown)
{
    const struct mlg_results *results = markdown->results;
    size_t count = 0, hidden = 0, unprinted = 0;
    for (size_t g = 0; g < results->gate_count; g++) {
        const struct mlg_gate_result *gate = &results->gates[g];
        if (!gate->error) /* the rows of its checks do not repeat it */
            continue;
        if (count++ == 0)
            mlg_put(markdown->out, "\n### Gates that could not be judged\n\n");
        mlg_put_format(&markdown->piece, "- %s ", mlg_verdicts[MLG_VERDICT_ERROR].mark);
        put_code_of(markdown, gate->name);
        mlg_put(&markdown->piece, ": ");
        put_words_of(markdown, gate->error);
        mlg_put(&markdown->piece, "\n");
        if (flush(markdown))
            unprinted += !put_printed(markdown, gate);
        else
            hidden++;
    }
    put_left_out(markdown, hidden, "gate", "gates");
    put_left_out(markdown, unprinted, "gate, whose command printed something",
                 "gates, whose commands printed something");
}

/* What another command of mlgate has written as Markdown; whole lines of it. */
static void put_changes(struct markdown *markdown)
{
    const char *changes = markdown->options ? markdown->options->changes : NULL;
    const size_t most = markdown->room / CHANGES_SHARE;
    if (!changes || mlg_text_is_blank(changes))
        return;
    size_t size = strlen(changes);
    const bool is_cut = size > most;
    if (is_cut)
        for (size = most; size && changes[size - 1] != '\n';)
            size--;
    mlg_put(markdown->out, "\n### What changed since the base\n\n");
    mlg_put_bytes(markdown->out, changes, size);
    mlg_put(markdown->out, size && changes[size - 1] != '\n' ? "\n" : "");
    if (is_cut)
        mlg_put(markdown->out, "\nMore has changed than there is room for here.\n");
}

/* ---- all of it ------------------------------------------------------------------------------------ */

static bool put_gate(struct markdown *markdown, const struct mlg_gate_result *gate)
{
    struct mlg_builder *out = &markdown->piece;
    size_t hidden = 0;
    mlg_put(out, "\n#### ");
    put_words_of(markdown, gate->title && gate->title[0] ? gate->title : gate->name);
    mlg_put(out, "\n\n");
    if (gate->check_count + gate->reported_count)
        put_table_head(out, false);
    else
        mlg_put(out, gate->error ? "not judged\n" : "nothing to judge\n");
    if (!flush(markdown))
        return false;
    for (size_t i = 0; i < gate->check_count; i++)
        hidden += !put_row(markdown, gate, &gate->checks[i], false, false);
    for (size_t i = 0; i < gate->reported_count; i++)
        hidden += !put_row(markdown, gate, &gate->reported[i], true, false);
    put_left_out(markdown, hidden, "check", "checks");
    if (gate->isolation) {
        mlg_put(out, "\nIsolation: ");
        put_words_of(markdown, gate->isolation);
        mlg_put(out, "\n");
        flush(markdown);
    }
    return true;
}

static void put_digest(struct mlg_builder *out, const char *sha256)
{
    mlg_put(out, ", sha256 ");
    mlg_put_bytes(out, sha256, strnlen(sha256, DIGEST_DIGITS));
}

static bool put_input(struct markdown *markdown, const struct mlg_input_result *input)
{
    struct mlg_builder *raw = &markdown->raw, *out = &markdown->piece;
    mlg_put(out, "- data ");
    put_code_of(markdown, input->name);
    mlg_put(out, ": ");
    put_code_of(markdown, input->path ? input->path : "-");
    if (input->sha256) {
        mlg_put(raw, ", ");
        mlg_put_count(raw, input->rows);
        mlg_put(raw, mlg_plural(input->rows, " row", " rows"));
        if (input->dropped) {
            mlg_put(raw, ", ");
            mlg_put_count(raw, input->dropped);
            mlg_put(raw, " dropped");
        }
        put_digest(raw, input->sha256);
    } else {
        mlg_put(raw, ", not judged");
    }
    put_words(markdown);
    mlg_put(out, "\n");
    return flush(markdown);
}

static void put_origin(struct markdown *markdown)
{
    const struct mlg_results *results = markdown->results;
    struct mlg_builder *raw = &markdown->raw, *out = &markdown->piece;
    size_t shown = 0;
    mlg_put(markdown->out, "\n#### What was judged\n\n");
    for (size_t i = 0; i < results->input_count && i < TEXTS_SHOWN; i++)
        shown += put_input(markdown, &results->inputs[i]);
    put_left_out(markdown, results->input_count - shown, "file", "files");
    if (results->config_path) {
        mlg_put(out, "- configuration ");
        put_code_of(markdown, results->config_path);
        if (results->config_sha256)
            put_digest(raw, results->config_sha256);
        put_words(markdown);
        mlg_put(out, "\n");
    }
    if (results->outside_count) {
        mlg_put(out, "- from outside: ");
        mlg_put_outside(raw, results);
        put_code(markdown);
        mlg_put(out, "\n");
    }
    mlg_put(out, "- mlgate ");
    put_words_of(markdown, results->version);
    mlg_put_format(out, ", seed %lld\n", (long long)results->seed);
    flush(markdown);
}

static void put_all(struct markdown *markdown)
{
    const struct mlg_results *results = markdown->results;
    size_t count = 0, hidden = 0;
    for (size_t g = 0; g < results->gate_count; g++)
        count += results->gates[g].check_count;
    mlg_put(markdown->out, "\n<details><summary>");
    if (count > 1) {
        mlg_put(markdown->out, "All ");
        mlg_put_count(markdown->out, count);
        mlg_put(markdown->out, " checks, and what was judged");
    } else {
        mlg_put(markdown->out, count ? "The check, and what was judged" : "What was judged");
    }
    mlg_put(markdown->out, "</summary>\n");
    if (count)
        put_legend(markdown->out);
    for (size_t g = 0; g < results->gate_count; g++)
        hidden += !put_gate(markdown, &results->gates[g]);
    put_left_out(markdown, hidden, "gate", "gates");
    put_origin(markdown);
    mlg_put(markdown->out, "\n</details>\n");
}

static void write_markdown(const struct mlg_results *results, const struct mlg_report_options *options,
                           struct mlg_builder *out)
{
    enum { RESERVE = 24 * 1024 };
    struct markdown markdown = {.results = results, .options = options, .out = out};
    markdown.room = options && options->room ? options->room : MLG_MARKDOWN_ROOM;
    markdown.reserve = markdown.room / 8 < RESERVE ? markdown.room / 8 : RESERVE;
    markdown.confidence = mlg_usual_confidence(results);
    mlg_builder_init(&markdown.raw, 0);
    mlg_builder_init(&markdown.safe, 0);
    mlg_builder_init(&markdown.piece, 0);
    put_head(&markdown);
    put_texts(&markdown, "Errors of the suite", mlg_verdicts[MLG_VERDICT_ERROR].mark, results->errors,
              results->error_count);
    put_gate_errors(&markdown);
    put_changes(&markdown);
    put_blocking(&markdown);
    put_texts(&markdown, "Warnings", warning_mark, results->warnings, results->warning_count);
    put_all(&markdown);
    out->failed = out->failed || markdown.raw.failed || markdown.safe.failed || markdown.piece.failed;
    mlg_builder_free(&markdown.raw);
    mlg_builder_free(&markdown.safe);
    mlg_builder_free(&markdown.piece);
}

const struct mlg_report mlg_report_markdown = {
    .name = "markdown",
    .about = "the summary of a job or a comment: the verdict, what blocks with a picture, then all, folded",
    .write = write_markdown,
};
