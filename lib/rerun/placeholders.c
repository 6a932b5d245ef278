/* placeholders.c: {output} and its like in the words of a command, and in a text for sh. */
#include "placeholders.h"

#include <string.h>

#include "mlgate/rerun.h"
#include "mlgate/text.h"

enum { NAMES = 4 };
static const char *const names[NAMES] = {"{output}", "{run}", "{seed}", "{input}"};

/* What quotes a text of sh stands in: 0, '\'' or '"'. */
static char quote_after(char quote, const char *c, size_t *size)
{
    *size = 1;
    if (*c == '\\' && quote != '\'' && c[1])
        *size = 2;
    else if (*c == quote)
        return 0;
    else if (!quote && (*c == '\'' || *c == '"'))
        return *c;
    return quote;
}

/* A value as a text of sh stands for it, where it is a word or a part of one in quotes. */
static void put_quoted(struct mlg_builder *out, char quote, const char *value)
{
    if (!quote) {
        mlg_put_shell(out, value);
        return;
    }
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

const char *mlg_placeholders_fill(const char *text, bool is_shell, const struct mlg_placeholders *values,
                                  struct mlg_arena *arena)
{
    /* In the order of `names`. */
    const char *const filled_in[NAMES] = {values->output, values->number, values->seed, values->input};
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    char quote = 0;
    for (const char *c = text; *c;) {
        size_t used = 0;
        for (size_t i = 0; i < NAMES && used == 0; i++)
            if (filled_in[i] && strncmp(c, names[i], strlen(names[i])) == 0) {
                if (is_shell)
                    put_quoted(&out, quote, filled_in[i]);
                else
                    mlg_put(&out, filled_in[i]);
                used = strlen(names[i]);
            }
        if (used == 0) {
            quote = quote_after(quote, c, &used);
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

const char *mlg_rerun_unquotable(const char *text)
{
    char word[64] = "";
    char quote = 0;
    const char *found = NULL;
    for (bool has_word = false; *text && !found;) {
        size_t size;
        if (!quote && strncmp(text, "<<<", 3) == 0) {
            text += 3;
        } else if (!quote && strncmp(text, "<<", 2) == 0) {
            text = read_here_word(text + 2, word, sizeof word);
            has_word = true;
        } else if (!quote && *text == '\n' && has_word) {
            found = find_in_here_document(text + 1, word, &text);
            has_word = false;
        } else {
            quote = quote_after(quote, text, &size);
            text += size;
        }
    }
    return found;
}
