/* slice_name: the names of slices, as ids of checks hold them and as `on:` is written.
 *
 * Values come from data, and a name must not be forged by them: whatever could be read in two ways (a comma,
 * "=", quotes, control characters, spaces at the ends) stands in quotes, so that different slices of a gate
 * have different names.
 */
#include <stdlib.h>
#include <string.h>

#include "config.h"

static const char missing[] = "(missing)";

/* ---- writing ---------------------------------------------------------------------------------------- */

static bool is_ordinary(const char *text, const char *plain)
{
    size_t size = strlen(text);
    return size > 0 && text[0] != ' ' && text[size - 1] != ' ' && !strpbrk(text, ",=\"\\") &&
           strcmp(text, missing) != 0 && strcmp(text, plain) == 0;
}

/* Backslashes and quotes are doubled or escaped first, so that the escapes of mlg_put_plain are the only
 * ones of their kind. */
static void put_quoted(struct mlg_builder *out, const char *text)
{
    struct mlg_builder escaped;
    mlg_builder_init(&escaped, 0);
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\')
            mlg_put(&escaped, "\\");
        mlg_put_bytes(&escaped, c, 1);
    }
    out->failed = out->failed || escaped.failed;
    mlg_put(out, "\"");
    mlg_put_plain(out, escaped.data);
    mlg_put(out, "\"");
    mlg_builder_free(&escaped);
}

static void put_part(struct mlg_builder *out, const char *text)
{
    struct mlg_builder plain;
    mlg_builder_init(&plain, 0);
    mlg_put_plain(&plain, text);
    if (is_ordinary(text, plain.data))
        mlg_put(out, text);
    else
        put_quoted(out, text);
    out->failed = out->failed || plain.failed;
    mlg_builder_free(&plain);
}

void mlg_put_slice_name(struct mlg_builder *out, const char *const *columns, const char *const *values,
                        size_t count, bool is_comparison)
{
    for (size_t i = 0; i < count; i++) {
        mlg_put(out, i ? ", " : "");
        put_part(out, columns[i]);
        mlg_put(out, is_comparison ? " " : "=");
        if (is_comparison || !values[i])
            mlg_put(out, values[i] ? values[i] : missing);
        else
            put_part(out, values[i]);
    }
}

/* ---- reading ---------------------------------------------------------------------------------------- */

struct reader {
    const char *at;
    struct mlg_arena *arena;
};

static void skip_spaces(struct reader *reader)
{
    while (*reader->at == ' ')
        reader->at++;
}

/* A number behind \x or \u; false: there are not so many digits. */
static bool read_hexadecimal(struct reader *reader, size_t digits, unsigned long *point)
{
    char text[8] = "";
    if (strspn(reader->at, "0123456789abcdefABCDEF") < digits)
        return false;
    memcpy(text, reader->at, digits);
    reader->at += digits;
    *point = strtoul(text, NULL, 16);
    return true;
}

/* A code point below 0x10000 in UTF-8. */
static size_t encode(unsigned long point, char *out)
{
    if (point < 0x80) {
        out[0] = (char)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (char)(0xc0 | point >> 6);
        out[1] = (char)(0x80 | (point & 0x3f));
        return 2;
    }
    out[0] = (char)(0xe0 | point >> 12);
    out[1] = (char)(0x80 | (point >> 6 & 0x3f));
    out[2] = (char)(0x80 | (point & 0x3f));
    return 3;
}

/* Behind a backslash: the inverse of put_quoted. */
static bool read_escape(struct reader *reader, char *out, size_t *size)
{
    char kind = *reader->at++;
    unsigned long point;
    if (kind == '"' || kind == '\\') {
        out[(*size)++] = kind;
        return true;
    }
    if (kind == 'x' && read_hexadecimal(reader, 2, &point) && point > 0) {
        out[(*size)++] = (char)point;
        return true;
    }
    if (kind == 'u' && read_hexadecimal(reader, 4, &point) && point > 0) {
        *size += encode(point, out + *size);
        return true;
    }
    return false;
}

static const char *read_quoted(struct reader *reader)
{
    char *text = mlg_arena_alloc(reader->arena, strlen(reader->at) + 1, 1);
    size_t size = 0;
    reader->at++;
    while (text && *reader->at != '"') {
        char c = *reader->at;
        if (c == '\0')
            return NULL;
        reader->at++;
        if (c != '\\')
            text[size++] = c;
        else if (!*reader->at || !read_escape(reader, text, &size))
            return NULL;
    }
    if (!text)
        return NULL;
    text[size] = '\0';
    reader->at++;
    skip_spaces(reader);
    return text;
}

/* In quotes, or up to one of `stops`; NULL: not to be read. */
static const char *read_part(struct reader *reader, const char *stops)
{
    skip_spaces(reader);
    if (*reader->at == '"')
        return read_quoted(reader);
    size_t size = strcspn(reader->at, stops), used = size;
    while (used > 0 && reader->at[used - 1] == ' ')
        used--;
    const char *text = mlg_arena_copy(reader->arena, reader->at, used);
    reader->at += size;
    return text;
}

/* "sex=Male, race=Black" */
static bool read_values(const char *text, struct mlg_on *on, struct mlg_arena *arena)
{
    struct reader reader = {text, arena};
    for (on->column_count = 0; on->column_count < MLG_CROSS_COLUMNS; reader.at++) {
        const char *column = read_part(&reader, "=");
        if (!column || !*column || *reader.at != '=')
            return false;
        reader.at++;
        skip_spaces(&reader);
        bool quoted = *reader.at == '"';
        const char *value = read_part(&reader, ",");
        if (!value || (!quoted && !*value))
            return false;
        on->columns[on->column_count] = column;
        on->values[on->column_count++] = !quoted && strcmp(value, missing) == 0 ? NULL : value;
        if (*reader.at == '\0')
            return true;
        if (*reader.at != ',')
            return false;
    }
    return false;
}

bool mlg_on_parse(const char *text, struct mlg_on *on, struct mlg_arena *arena)
{
    struct mlg_diagnostics unheard;
    struct mlg_slicing slicing;
    const struct mlg_node node = {.type = MLG_NODE_SCALAR, .text = text, .size = strlen(text)};

    *on = (struct mlg_on){.written = text};
    if (strcmp(text, "all") == 0) {
        on->all = true;
        return true;
    }
    if (read_values(text, on, arena)) {
        on->has_values = true;
        return true;
    }
    mlg_diagnostics_init(&unheard, arena);
    if (!mlg_slicing_parse(text, &slicing, &node, arena, &unheard) || slicing.declared_count > 0)
        return false;
    on->column_count = slicing.column_count;
    memcpy(on->columns, slicing.columns, sizeof on->columns);
    on->is_comparison = slicing.is_comparison;
    on->comparator = slicing.comparator;
    on->bound = slicing.bound;
    return true;
}

static bool is_declared(const struct mlg_slicing *slicing, const char *value)
{
    for (size_t i = 0; i < slicing->declared_count; i++)
        if (mlg_text_equal(slicing->declared[i], value))
            return true;
    return slicing->declared_count == 0;
}

bool mlg_on_fits(const struct mlg_on *on, const struct mlg_slicing *slicing)
{
    if (on->all || !slicing)
        return on->all && !slicing;
    if (strcmp(on->written, slicing->written) == 0)
        return true;
    if (on->column_count != slicing->column_count || on->is_comparison != slicing->is_comparison)
        return false;
    for (size_t i = 0; i < on->column_count; i++)
        if (strcmp(on->columns[i], slicing->columns[i]) != 0)
            return false;
    if (on->is_comparison)
        return on->comparator == slicing->comparator && !(on->bound.value < slicing->bound.value) &&
               !(on->bound.value > slicing->bound.value);
    return !on->has_values || is_declared(slicing, on->values[0]);
}

bool mlg_on_covers(const struct mlg_on *on, const struct mlg_slicing *slicing, const char *const *values)
{
    if (!mlg_on_fits(on, slicing))
        return false;
    if (!on->has_values || strcmp(on->written, slicing->written) == 0)
        return true;
    for (size_t i = 0; i < on->column_count; i++)
        if (!mlg_text_equal(on->values[i], values[i]))
            return false;
    return true;
}
