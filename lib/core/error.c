/* error.c: sentences and places. */
#include "mlgate/error.h"

#include <stdio.h>
#include <string.h>

/* Makes what vsnprintf wrote safe to show, into at most `size` bytes with the final zero: control
 * characters and what is not UTF-8 as \xNN; cut at a character, with "…" at the end. Asks for no memory:
 * that there is none left must be told too. */
static void make_safe(const char *raw, bool cut, char *out, size_t size)
{
    static const char dots[] = "\xe2\x80\xa6";
    size_t end = 0, last = 0; /* `last`: the greatest end behind which the dots would still fit */
    for (const char *c = raw; *c; c++) {
        unsigned char byte = (unsigned char)*c;
        unsigned length = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc2 ? 2 : 0;
        unsigned i = 1;
        while (i < length && (c[i] & 0xc0) == 0x80)
            i++;
        bool whole = length > 0 && i == length && byte <= 0xf4;
        /* Overlong forms, surrogates, code points beyond the last, controls of two bytes. */
        if (whole && length > 1) {
            unsigned char next = (unsigned char)c[1];
            whole = !((byte == 0xe0 && next < 0xa0) || (byte == 0xed && next >= 0xa0) ||
                      (byte == 0xf0 && next < 0x90) || (byte == 0xf4 && next >= 0x90) ||
                      (byte == 0xc2 && next < 0xa0));
        }
        char piece[8];
        if (!whole || byte < 0x20 || byte == 0x7f) {
            length = (unsigned)snprintf(piece, sizeof piece, "\\x%02x", byte);
        } else {
            memcpy(piece, c, length);
            c += length - 1;
        }
        if (end + length >= size) {
            cut = true;
            break;
        }
        memcpy(out + end, piece, length);
        end += length;
        if (end + sizeof dots <= size)
            last = end;
    }
    out[end] = '\0';
    if (cut)
        memcpy(out + last, dots, sizeof dots);
}

enum { RAW_SIZE = 4096 };

static void format_safe(char *out, size_t size, const char *format, va_list arguments)
{
    char raw[RAW_SIZE];
    int length = vsnprintf(raw, sizeof raw, format, arguments);
    if (length < 0)
        snprintf(raw, sizeof raw, "%s", format);
    bool cut = length >= RAW_SIZE;
    if (cut) { /* leave no half character behind */
        size_t end = sizeof raw - 1;
        while (end > 0 && (raw[end - 1] & 0xc0) == 0x80)
            end--;
        raw[end ? end - 1 : 0] = '\0';
    }
    make_safe(raw, cut, out, size);
}

static void fill(struct mlg_error *error, enum mlg_code code, struct mlg_place place, const char *format,
                 va_list arguments)
{
    if (!error)
        return;
    format_safe(error->text, sizeof error->text, format, arguments);
    error->code = code;
    error->place = place;
}

int mlg_error_set(struct mlg_error *error, enum mlg_code code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fill(error, code, (struct mlg_place){0}, format, arguments);
    va_end(arguments);
    return (int)code;
}

int mlg_error_at(struct mlg_error *error, enum mlg_code code, struct mlg_place place, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fill(error, code, place, format, arguments);
    va_end(arguments);
    return (int)code;
}

/* ---- diagnostics --------------------------------------------------------------------------------- */

void mlg_diagnostics_init(struct mlg_diagnostics *list, struct mlg_arena *arena)
{
    *list = (struct mlg_diagnostics){.arena = arena};
}

void mlg_diagnose(struct mlg_diagnostics *list, enum mlg_severity severity, struct mlg_place place,
                  unsigned width, const char *quote, const char *format, ...)
{
    if (!list)
        return;
    list->errors += severity == MLG_ERROR;
    struct mlg_diagnostic *items = NULL;
    if (list->count < MLG_DIAGNOSTICS_LIMIT)
        items = mlg_arena_grow(list->arena, list->items, &list->capacity, list->count + 1, sizeof *items);
    if (!items) {
        list->omitted++;
        return;
    }
    list->items = items;
    char text[MLG_ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    format_safe(text, sizeof text, format, arguments);
    va_end(arguments);
    const char *copy = mlg_arena_copy(list->arena, text, strlen(text));
    if (!copy) {
        list->omitted++;
        return;
    }
    items[list->count++] = (struct mlg_diagnostic){
        .severity = severity, .place = place, .width = width, .text = copy, .quote = quote};
}

static int compare_places(const struct mlg_place *a, const struct mlg_place *b)
{
    int order = strcmp(a->file ? a->file : "", b->file ? b->file : "");
    if (order == 0)
        order = (a->line > b->line) - (a->line < b->line);
    return order ? order : (a->column > b->column) - (a->column < b->column);
}

void mlg_diagnostics_sort(struct mlg_diagnostics *list)
{
    for (size_t i = 1; i < list->count; i++) { /* by insertion: few, nearly sorted, and stable */
        struct mlg_diagnostic item = list->items[i];
        size_t j = i;
        for (; j > 0 && compare_places(&list->items[j - 1].place, &item.place) > 0; j--)
            list->items[j] = list->items[j - 1];
        list->items[j] = item;
    }
}
