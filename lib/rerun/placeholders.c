/* placeholders.c: {output} and its like in the words of a command, in variables, and in a text for sh. */
#include "placeholders.h"

#include <string.h>

#include "mlgate/rerun.h"
#include "mlgate/text.h"

enum { NAMES = 4 };
static const char *const names[NAMES] = {"{output}", "{run}", "{seed}", "{input}"};

/* ---- where a text of sh stands ------------------------------------------------------------------------ */

/* What is open at a place, outermost first: quotes, `...`, $(...) and other parentheses, $((...)). */
struct shell_place {
    char open[64]; /* '\'', '"', '`', '(', '+' for $(( */
    size_t depth;
    bool is_nested; /* in `...` within `...` */
    bool is_lost;   /* more is open than there is room for */
};

static char innermost(const struct shell_place *place)
{
    return place->depth ? place->open[place->depth - 1] : '\0';
}

static bool is_in_quotes(const struct shell_place *place)
{
    return innermost(place) == '\'' || innermost(place) == '"';
}

static bool is_in_backquotes(const struct shell_place *place)
{
    return memchr(place->open, '`', place->depth) != NULL;
}

static void open_one(struct shell_place *place, char what)
{
    if (place->depth < sizeof place->open)
        place->open[place->depth++] = what;
    else
        place->is_lost = true;
}

/* What stands within them is closed with them. */
static void close_backquotes(struct shell_place *place)
{
    while (place->open[--place->depth] != '`')
        continue;
    place->is_nested = false;
}

static bool begins_comment(const struct shell_place *place, const char *text, const char *c)
{
    return *c == '#' && innermost(place) != '+' && (c == text || strchr(" \t\n;&|()`", c[-1]));
}

/* Goes over what begins at `c`; how many bytes it takes. */
static size_t step(struct shell_place *place, const char *text, const char *c)
{
    const char top = innermost(place);
    if (top == '\'') {
        place->depth -= *c == '\'';
        return 1;
    }
    if (c[0] == '\\' && c[1]) {
        place->is_nested ^= c[1] == '`' && is_in_backquotes(place);
        return 2;
    }
    if (*c == '`' && is_in_backquotes(place))
        close_backquotes(place);
    else if (*c == '`')
        open_one(place, '`');
    else if (*c == '"' && top == '"')
        place->depth--;
    else if (*c == '"')
        open_one(place, '"');
    else if (strncmp(c, "$((", 3) == 0) {
        open_one(place, '+');
        return 3;
    } else if (strncmp(c, "$(", 2) == 0) {
        open_one(place, '(');
        return 2;
    } else if (top == '"')
        return 1;
    else if (*c == '\'')
        open_one(place, '\'');
    else if (*c == '(')
        open_one(place, '(');
    else if (*c == ')' && top == '+' && c[1] == ')') {
        place->depth--;
        return 2;
    } else if (*c == ')')
        place->depth -= top == '(' || top == '+';
    else if (begins_comment(place, text, c))
        return strcspn(c, is_in_backquotes(place) ? "`\n" : "\n");
    return 1;
}

/* ---- values ------------------------------------------------------------------------------------------- */

/* A value as a text of sh stands for it, where it is a word or a part of one in quotes. */
static void put_in_quotes(struct mlg_builder *out, char quote, const char *value)
{
    for (; *value; value++) {
        if (quote == '\'' && *value == '\'')
            mlg_put(out, "'\\''");
        else {
            if (quote == '"' && strchr("\\\"$`", *value))
                mlg_put(out, "\\");
            mlg_put_bytes(out, value, 1);
        }
    }
}

static void put_quoted(struct mlg_builder *out, const struct shell_place *place, const char *value)
{
    struct mlg_builder quoted;
    mlg_builder_init(&quoted, 0);
    if (is_in_quotes(place))
        put_in_quotes(&quoted, innermost(place), value);
    else
        mlg_put_shell(&quoted, value);
    out->failed |= quoted.failed;
    for (const char *c = quoted.data; c && *c; c++) {
        if (is_in_backquotes(place) && strchr("\\$`", *c)) /* which takes one away before it is read */
            mlg_put(out, "\\");
        mlg_put_bytes(out, c, 1);
    }
    mlg_builder_free(&quoted);
}

const char *mlg_placeholders_fill(const char *text, bool is_shell, const struct mlg_placeholders *values,
                                  struct mlg_arena *arena)
{
    /* In the order of `names`. */
    const char *const filled_in[NAMES] = {values->output, values->number, values->seed, values->input};
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    struct shell_place place = {.depth = 0};
    for (const char *c = text; *c;) {
        size_t used = 0;
        for (size_t i = 0; i < NAMES && used == 0; i++)
            if (filled_in[i] && strncmp(c, names[i], strlen(names[i])) == 0) {
                if (is_shell)
                    put_quoted(&out, &place, filled_in[i]);
                else
                    mlg_put(&out, filled_in[i]);
                used = strlen(names[i]);
            }
        if (used == 0) {
            used = is_shell ? step(&place, text, c) : 1;
            mlg_put_bytes(&out, c, used);
        }
        c += used;
    }
    const char *filled = out.failed ? NULL : mlg_arena_copy(arena, out.data ? out.data : "", out.size);
    mlg_builder_free(&out);
    return filled;
}

/* The word behind "<<" or "<<-", without its quotes; what follows it. */
static const char *read_here_word(const char *text, char *word, size_t size)
{
    size_t used = 0;
    char quote = 0;
    text += *text == '-';
    text += strspn(text, " \t");
    for (; *text && *text != '\n' && (quote || !strchr(" \t;|&<>()", *text)); text++) {
        if (quote ? *text == quote : *text == '\'' || *text == '"')
            quote = quote ? 0 : *text;
        else if (*text != '\\' && used + 1 < size)
            word[used++] = *text;
    }
    word[used] = '\0';
    return text;
}

/* A placeholder in the lines of a here-document that ends with `word`; *after: what stands behind it. */
static const char *find_in_here_document(const char *text, const char *word, const char **after)
{
    const char *found = NULL;
    while (*text) {
        const size_t size = strcspn(text, "\n");
        const size_t tabs = strspn(text, "\t");
        const bool is_last = (size == strlen(word) && strncmp(text, word, size) == 0) ||
                             (size == tabs + strlen(word) && strncmp(text + tabs, word, size - tabs) == 0);
        for (size_t i = 0; i < NAMES && !is_last && !found; i++) {
            const char *place = strstr(text, names[i]);
            found = place && place < text + size ? names[i] : NULL;
        }
        text += size + (text[size] == '\n');
        if (is_last)
            break;
    }
    *after = text;
    return found;
}

/* A placeholder here; NULL: none. */
static const char *name_at(const char *c)
{
    for (size_t i = 0; i < NAMES; i++)
        if (strncmp(c, names[i], strlen(names[i])) == 0)
            return names[i];
    return NULL;
}

const char *mlg_rerun_unquotable(const char *text, const char **where)
{
    struct shell_place place = {.depth = 0};
    char word[64] = "";
    const char *found = NULL;
    *where = "a here-document";
    bool has_word = false;
    for (const char *c = text; *c && !found;) {
        const bool may_begin = !is_in_quotes(&place) && innermost(&place) != '+';
        if (may_begin && strncmp(c, "<<<", 3) == 0) {
            c += 3;
        } else if (may_begin && strncmp(c, "<<", 2) == 0) {
            c = read_here_word(c + 2, word, sizeof word);
            has_word = true;
        } else if (may_begin && *c == '\n' && has_word) {
            found = find_in_here_document(c + 1, word, &c);
            has_word = false;
        } else if (place.is_nested || place.is_lost) {
            *where = "`...` within `...`, or deeper";
            found = name_at(c);
            c += step(&place, text, c);
        } else {
            c += step(&place, text, c);
        }
    }
    return found;
}
