/* curves of JSON: lines of objects, an array of them, trainer_state.json, evals_result, History.history.
 *
 * One walk along the text, as Python writes it: NaN, Infinity and -Infinity are numbers. It is a walk beside
 * that of mlg_json_read, which has read one whole document before it tells of any value: here documents
 * follow each other, values are told with their lines, and what is wrong first is told, be it of JSON or of
 * curves. What the document is turns out on the way: an object of the root is a row unless it holds arrays of
 * numbers or `log_history`; after a second object the file is one of lines, whose arrays say nothing.
 */
#include <math.h>
#include <string.h>

#include "curves.h"
#include "mlgate/json.h"
#include "mlgate/number.h"

enum { DEPTH = 32, NAME_SIZE = 1024 };

struct walk {
    struct mlg_curves_building *building;
    const char *text;
    size_t size, at;
    unsigned long line;
    size_t line_start;
    char name[NAME_SIZE]; /* keys from the outside in, parted by "/" */
    size_t name_size;
    char word[6 * NAME_SIZE]; /* the last text read; an escape is at most six times what it means */
    size_t word_size;
    bool in_lines;       /* a second object of the root was met */
    bool has_lists;      /* series that are arrays of the root object */
    bool has_history;    /* log_history */
    bool has_deep_lists; /* series that are arrays within others */
};

static int fail(const struct walk *walk, const char *what)
{
    return mlg_curves_fail(walk->building, MLG_DATA, walk->line, (unsigned)(walk->at - walk->line_start + 1),
                           "%s", what);
}

static void skip_blanks(struct walk *walk)
{
    for (; walk->at < walk->size; walk->at++) {
        const char c = walk->text[walk->at];
        if (c == '\n') {
            walk->line++;
            walk->line_start = walk->at + 1;
        } else if (c != ' ' && c != '\t' && c != '\r')
            return;
    }
}

/* The next byte that is no blank; zero at the end. */
static char peek(struct walk *walk)
{
    skip_blanks(walk);
    return walk->at < walk->size ? walk->text[walk->at] : '\0';
}

static bool takes(struct walk *walk, char c)
{
    if (peek(walk) != c || walk->at == walk->size)
        return false;
    walk->at++;
    return true;
}

static int ends_early(const struct walk *walk)
{
    return fail(walk, walk->at == walk->size
                          ? "the log ends within a value; a line that was cut off may be left out"
                          : "zero byte in the log; JSON is text");
}

/* ---- texts ------------------------------------------------------------------------------------------- */

/* Four hexadecimal digits; -1: there are none. */
static long read_unit(struct walk *walk)
{
    long unit = 0;
    for (size_t i = 0; i < 4; i++, walk->at++) {
        const char c = walk->at < walk->size ? walk->text[walk->at] : '\0';
        const char lower = (char)(c | 0x20);
        if (c >= '0' && c <= '9')
            unit = unit * 16 + (c - '0');
        else if (lower >= 'a' && lower <= 'f')
            unit = unit * 16 + (lower - 'a' + 10);
        else
            return -1;
    }
    return unit;
}

/* Behind the backslash. */
static int pass_escape(struct walk *walk)
{
    const char c = walk->at < walk->size ? walk->text[walk->at] : '\0';
    if (c != 'u' && (!c || !strchr("\"\\/bfnrt", c)))
        return fail(walk, "unknown escape in a text");
    walk->at++;
    if (c != 'u')
        return MLG_OK;
    long unit = read_unit(walk);
    if (unit >= 0xd800 && unit < 0xdc00 && walk->at + 1 < walk->size && walk->text[walk->at] == '\\' &&
        walk->text[walk->at + 1] == 'u') {
        walk->at += 2;
        const long low = read_unit(walk);
        unit = low >= 0xdc00 && low < 0xe000 ? 1 : -1;
    }
    return unit > 0 && (unit < 0xd800 || unit >= 0xe000)
               ? MLG_OK
               : fail(walk, "an escape in a text stands for no character");
}

/* A text into `word`; one that is longer than any name is longer there, too. */
static int read_text(struct walk *walk)
{
    const size_t start = ++walk->at;
    while (walk->at < walk->size) {
        const unsigned char c = (unsigned char)walk->text[walk->at];
        if (c < 0x20)
            return fail(walk, "control character in a text; a quote may be missing");
        walk->at++;
        if (c == '"') {
            const size_t size = walk->at - 1 - start;
            walk->word_size = size <= sizeof walk->word
                                  ? mlg_json_text_mean(walk->text + start, size, walk->word)
                                  : NAME_SIZE + 1;
            return MLG_OK;
        }
        if (c == '\\' && pass_escape(walk) != MLG_OK)
            return (int)walk->building->error->code;
    }
    return ends_early(walk);
}

/* ---- values ------------------------------------------------------------------------------------------ */

/* A number, a text or a word of JSON. */
static int read_scalar(struct walk *walk, enum mlg_curve_value *kind, double *value)
{
    static const struct {
        const char *word;
        enum mlg_curve_value kind;
        double value;
    } words[] = {{"null", MLG_CURVE_NOTHING, 0},
                 {"true", MLG_CURVE_OTHER, 0},
                 {"false", MLG_CURVE_OTHER, 0},
                 {"NaN", MLG_CURVE_NUMBER, (double)NAN},
                 {"Infinity", MLG_CURVE_NUMBER, (double)INFINITY},
                 {"-Infinity", MLG_CURVE_NUMBER, -(double)INFINITY}};
    const char first = peek(walk);
    if (first == '\0')
        return ends_early(walk);
    if (first == '"') {
        if (read_text(walk) != MLG_OK)
            return (int)walk->building->error->code;
        *kind = walk->word_size <= NAME_SIZE ? mlg_curve_read(walk->word, walk->word_size, value)
                                             : MLG_CURVE_OTHER;
        return MLG_OK;
    }
    const size_t start = walk->at;
    size_t end = start;
    while (end < walk->size && walk->text[end] && !strchr(" \t\r\n,:[]{}\"", walk->text[end]))
        end++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == end - start &&
            memcmp(walk->text + start, words[i].word, end - start) == 0) {
            *kind = words[i].kind;
            *value = words[i].value;
            walk->at = end;
            return MLG_OK;
        }
    const char digit = walk->text[start + (first == '-' && start + 1 < walk->size)];
    if (digit < '0' || digit > '9' || !mlg_number_parse(walk->text + start, end - start, value))
        return fail(walk,
                    end == start
                        ? "a value is missing"
                        : "no JSON value; a number, a text in double quotes, true, false, null or NaN is");
    *kind = MLG_CURVE_NUMBER;
    walk->at = end;
    return MLG_OK;
}

/* What a value is worth where it stands. */
enum place {
    IGNORED,
    ROW,  /* the members of an object of the root, of an array of rows, or within such */
    ROWS, /* the items are rows */
};

static int read_value(struct walk *walk, enum place place, size_t depth);

static int read_key(struct walk *walk)
{
    const char c = peek(walk);
    if (c == '\0')
        return ends_early(walk);
    if (c != '"')
        return fail(walk, "a key in double quotes is missing");
    if (read_text(walk) != MLG_OK)
        return (int)walk->building->error->code;
    if (peek(walk) == '\0')
        return ends_early(walk);
    return takes(walk, ':') ? MLG_OK : fail(walk, "a colon is missing after the key");
}

static bool is_index(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return size > 0 && size <= 15;
}

/* Is it about the value behind the keys so far? Too long a name is none. */
static bool is_named(const struct walk *walk)
{
    return walk->name_size > 0 && walk->name_size <= NAME_SIZE;
}

/* {"loss": {"0": 0.7, "1": 0.5}}: a point of `loss`. */
static int put_indexed(struct walk *walk, enum mlg_curve_value kind, double value, size_t outer,
                       unsigned long line)
{
    double epoch = 0;
    mlg_number_parse(walk->name + outer + 1, walk->name_size - outer - 1, &epoch);
    const long item = mlg_curves_series(walk->building, walk->name, outer);
    if (item < 0)
        return (int)walk->building->error->code;
    walk->building->items[item].is_list = walk->has_lists = true;
    if (kind == MLG_CURVE_OTHER) {
        walk->building->items[item].other = line;
        return MLG_OK;
    }
    return mlg_curves_add(walk->building, (size_t)item,
                          (struct mlg_curve_point){kind == MLG_CURVE_NUMBER ? value : (double)NAN, epoch,
                                                   (double)NAN, line,
                                                   walk->building->items[item].curve.count});
}

static int put_member(struct walk *walk, enum mlg_curve_value kind, double value, size_t outer,
                      unsigned long line)
{
    struct mlg_curves_building *building = walk->building;
    const enum mlg_curve_axis axis = mlg_curve_axis(walk->name, walk->name_size);
    if (!is_named(walk))
        return MLG_OK;
    if (outer > 0 && is_index(walk->name + outer + 1, walk->name_size - outer - 1) && !walk->in_lines)
        return put_indexed(walk, kind, value, outer, line);
    if (axis == MLG_CURVE_SERIES) {
        const long item = mlg_curves_series(building, walk->name, walk->name_size);
        return item < 0 ? (int)building->error->code
                        : mlg_curves_put(building, (size_t)item, kind, value, line);
    }
    if (kind == MLG_CURVE_OTHER)
        return mlg_curves_fail(building, MLG_DATA, line, 0, "'%.*s' is no number", (int)walk->name_size,
                               walk->name);
    if (kind == MLG_CURVE_NUMBER && axis == MLG_CURVE_EPOCH)
        building->epoch = value;
    else if (kind == MLG_CURVE_NUMBER && isnan(building->step))
        building->step = value;
    return MLG_OK;
}

static int read_object(struct walk *walk, enum place place, size_t depth)
{
    const size_t outer = walk->name_size;
    bool goes_on = !(walk->at++, takes(walk, '}'));
    while (goes_on) {
        if (read_key(walk) != MLG_OK)
            return (int)walk->building->error->code;
        const bool is_history =
            depth == 0 && walk->word_size == 11 && memcmp(walk->word, "log_history", 11) == 0;
        const size_t parted = outer > 0 ? outer + 1 : 0;
        if (place == ROW && walk->word_size > 0 && outer <= NAME_SIZE &&
            parted + walk->word_size <= NAME_SIZE) {
            if (outer > 0)
                walk->name[outer] = '/';
            memcpy(walk->name + parted, walk->word, walk->word_size);
            walk->name_size = parted + walk->word_size;
        } else
            walk->name_size = NAME_SIZE + 1;
        const char c = peek(walk);
        const unsigned long line = walk->line;
        int code;
        if (c == '{' || c == '[') {
            const bool are_rows = is_history && c == '[' && place == ROW;
            walk->has_history = walk->has_history || are_rows;
            walk->name_size = are_rows ? 0 : walk->name_size;
            code = read_value(walk,
                              are_rows                       ? ROWS
                              : walk->name_size <= NAME_SIZE ? place
                                                             : IGNORED,
                              depth + 1);
        } else {
            enum mlg_curve_value kind = MLG_CURVE_OTHER;
            double value = 0;
            code = read_scalar(walk, &kind, &value);
            if (code == MLG_OK && place == ROW)
                code = put_member(walk, kind, value, outer, line);
        }
        walk->name_size = outer;
        if (code != MLG_OK)
            return code;
        goes_on = takes(walk, ',');
        if (!goes_on && !takes(walk, '}'))
            return peek(walk) == '\0' ? ends_early(walk) : fail(walk, "a comma or } is missing");
    }
    return MLG_OK;
}

/* An array within a row: a series of its own, if it holds numbers. */
static int put_item(struct walk *walk, long *item, enum mlg_curve_value kind, double value,
                    unsigned long line)
{
    struct mlg_curves_building *building = walk->building;
    if (*item < 0) {
        *item = mlg_curves_series(building, walk->name, walk->name_size);
        if (*item < 0)
            return (int)building->error->code;
        struct mlg_curve_building *series = &building->items[*item];
        if (series->is_list || series->curve.count > 0)
            return mlg_curves_fail(building, MLG_DATA, line, 0, "'%s' occurs twice", series->curve.name);
        series->is_list = true;
        walk->has_deep_lists = walk->has_deep_lists || memchr(walk->name, '/', walk->name_size);
        walk->has_lists = true;
    }
    if (kind == MLG_CURVE_OTHER) {
        struct mlg_curve_building *series = &building->items[*item];
        series->other = series->other ? series->other : line;
        return MLG_OK;
    }
    return mlg_curves_add(building, (size_t)*item,
                          (struct mlg_curve_point){kind == MLG_CURVE_NUMBER ? value : (double)NAN,
                                                   (double)NAN, (double)NAN, line,
                                                   building->items[*item].curve.count});
}

static int read_array(struct walk *walk, enum place place, size_t depth)
{
    long item = -1;
    const bool is_series = place == ROW && is_named(walk) && !walk->in_lines;
    bool goes_on = !(walk->at++, takes(walk, ']'));
    while (goes_on) {
        const char c = peek(walk);
        const unsigned long line = walk->line;
        int code;
        if (c == '{' && place == ROWS) {
            /* the row of the root waits, as that of a trainer's state does */
            struct mlg_curves_building *building = walk->building;
            const size_t outer = building->row_first;
            const double epoch = building->epoch, step = building->step;
            building->row_first = building->row_count;
            building->epoch = building->step = (double)NAN;
            walk->name_size = 0;
            code = read_value(walk, ROW, depth + 1);
            if (code == MLG_OK)
                code = mlg_curves_end_row(building, true);
            building->row_first = outer;
            building->epoch = epoch;
            building->step = step;
        } else if (c == '{' || c == '[')
            code = read_value(walk, IGNORED, depth + 1);
        else {
            enum mlg_curve_value kind = MLG_CURVE_OTHER;
            double value = 0;
            code = read_scalar(walk, &kind, &value);
            if (code == MLG_OK && is_series)
                code = put_item(walk, &item, kind, value, line);
        }
        if (code != MLG_OK)
            return code;
        goes_on = takes(walk, ',');
        if (!goes_on && !takes(walk, ']'))
            return peek(walk) == '\0' ? ends_early(walk) : fail(walk, "a comma or ] is missing");
    }
    return MLG_OK;
}

static int read_value(struct walk *walk, enum place place, size_t depth)
{
    if (depth > DEPTH)
        return fail(walk, "objects and arrays are nested too deeply");
    return walk->text[walk->at] == '{' ? read_object(walk, place, depth) : read_array(walk, place, depth);
}

/* ---- the document ------------------------------------------------------------------------------------ */

/* Arrays of the first line were taken for series. */
static void forget_lists(struct walk *walk)
{
    for (size_t i = 0; i < walk->building->count; i++) {
        struct mlg_curve_building *item = &walk->building->items[i];
        if (item->is_list) {
            item->curve.count = 0;
            item->other = 0;
            item->is_list = false;
        }
    }
    walk->has_lists = walk->has_deep_lists = false;
}

/* {"epoch": [1, 2], "loss": [0.7, 0.5]}: an array that says where the points of the others stand. */
static void place_lists(struct mlg_curves_building *building)
{
    for (size_t i = 0; i < building->count; i++) {
        struct mlg_curve_building *axis = &building->items[i];
        const enum mlg_curve_axis kind = mlg_curve_axis(axis->curve.name, strlen(axis->curve.name));
        if (!axis->is_list || kind == MLG_CURVE_SERIES)
            continue;
        for (size_t k = 0; k < building->count; k++) {
            struct mlg_curve *curve = &building->items[k].curve;
            for (size_t j = 0; k != i && curve->count == axis->curve.count && j < curve->count; j++)
                *(kind == MLG_CURVE_EPOCH ? &curve->points[j].epoch : &curve->points[j].step) =
                    axis->curve.points[j].value;
        }
        axis->curve.count = 0;
    }
}

int mlg_curves_read_json(struct mlg_curves_building *building, const char *text, size_t size)
{
    struct walk *walk = MLG_NEW(building->arena, struct walk);
    if (!walk)
        return mlg_curves_no_memory(building);
    *walk = (struct walk){.building = building, .text = text, .size = size, .line = 1};
    const bool is_array = peek(walk) == '[';
    int code = read_value(walk, is_array ? ROWS : ROW, 0);
    if (is_array && code == MLG_OK && (peek(walk) != '\0' || walk->at < size))
        return fail(walk, "text after the end of the array");
    if (is_array) {
        building->format = "json";
        return code;
    }
    while (code == MLG_OK && walk->at < walk->size && peek(walk) != '\0') {
        if (peek(walk) != '{')
            return fail(walk, "no object; JSON lines are objects, one to a line");
        if (walk->has_history)
            return fail(walk, "text after the end of the object");
        if (!walk->in_lines) {
            forget_lists(walk);
            walk->in_lines = true;
        }
        code = mlg_curves_end_row(building, true);
        if (code == MLG_OK)
            code = read_value(walk, ROW, 0);
    }
    if (code == MLG_OK && walk->at < size)
        return ends_early(walk);
    if (code == MLG_OK)
        code = mlg_curves_end_row(building, !walk->has_history && !walk->has_lists);
    building->format = walk->has_history      ? "trainer_state"
                       : walk->has_deep_lists ? "evals_result"
                       : walk->has_lists      ? "history"
                                              : "jsonl";
    if (code == MLG_OK && walk->has_lists)
        place_lists(building);
    building->unit = walk->has_deep_lists ? "round" : "epoch";
    return code;
}
