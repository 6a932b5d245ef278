/* within: places inside a text, for languages that stand inside YAML. */
#include <stdio.h>
#include <string.h>

#include "config.h"

bool mlg_node_is_outside(const struct mlg_node *node)
{
    return node->origin.type == MLG_FROM_ENVIRONMENT || node->origin.type == MLG_FROM_FLAG;
}

const char *mlg_node_seen(const struct mlg_node *node)
{
    if (node->type == MLG_NODE_NULL)
        return "empty value";
    if (node->type == MLG_NODE_LIST && node->count == 0)
        return "empty list";
    if (node->type == MLG_NODE_MAP && node->count == 0)
        return "empty map";
    return mlg_node_type_name(node->type);
}

/* Walks the text and its source side by side; false where the source spells it in another way. */
static bool source_column(const struct mlg_node *node, size_t offset, unsigned *column)
{
    const char *source;
    char mark = '\0';

    if (!node->quote || node->origin.place.column == 0 || offset > node->size)
        return false;
    source = node->quote + node->origin.place.column - 1;
    if (node->quoted) {
        mark = *source;
        if (mark != '\'' && mark != '"')
            return false;
        source++;
    }
    for (size_t i = 0; i < offset; i++, source++) {
        if (mark == '\'' && *source == '\'')
            source++;
        else if (mark == '"' && *source == '\\')
            source++;
        if (*source == '\0' || *source != node->text[i])
            return false;
    }
    *column = (unsigned)(source - node->quote) + 1;
    return true;
}

void mlg_diagnose_within(struct mlg_diagnostics *list, enum mlg_severity severity,
                         const struct mlg_node *node, size_t offset, unsigned width, const char *format, ...)
{
    char text[MLG_ERROR_SIZE];
    struct mlg_place place = node->origin.place;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (mlg_node_is_outside(node))
        mlg_node_diagnose(list, severity, node, "in '%.200s': %s", node->text, text);
    else if (source_column(node, offset, &place.column))
        mlg_diagnose(list, severity, place, width, node->quote, "%s", text);
    else
        mlg_node_diagnose(list, severity, node, "%s", text);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

const struct mlg_node *mlg_node_next_piece(const struct mlg_node *node, const char **rest,
                                           const char *separators, struct mlg_arena *arena)
{
    const char *start = *rest, *end;
    struct mlg_node *piece;
    char mark = '\0';
    int open = 0;

    while (*start && (is_blank(*start) || strchr(separators, *start)))
        start++;
    if (!*start)
        return NULL;
    for (end = start; *end; end++) {
        if (mark ? *end == mark : (*end == '\'' || *end == '"' || *end == '`'))
            mark = mark ? '\0' : *end;
        /* A line ends everything: a quote that is never closed spoils its own line only. */
        if (*end == '\n' && strchr(separators, '\n'))
            break;
        if (mark)
            continue;
        open += (*end == '(') - (*end == ')' && open > 0);
        if (open == 0 && strchr(separators, *end))
            break;
    }
    *rest = end;
    while (end > start && is_blank(end[-1]))
        end--;
    piece = MLG_NEW(arena, struct mlg_node);
    if (!piece)
        return NULL;
    *piece = *node;
    piece->size = (size_t)(end - start);
    piece->text = mlg_arena_copy(arena, start, piece->size);
    return piece->text ? piece : NULL;
}

const char *mlg_join(const char *const *names, size_t count, struct mlg_arena *arena)
{
    enum { SHOWN = 24 };
    const char *text = "";
    for (size_t i = 0; i < count && i < SHOWN && text; i++)
        text = mlg_arena_format(arena, "%s%s%s", text, i ? ", " : "", names[i]);
    if (count > SHOWN && text)
        text = mlg_arena_format(arena, "%s and %zu more", text, count - SHOWN);
    return text ? text : "";
}

static bool same_diagnostic(const struct mlg_diagnostic *a, const struct mlg_diagnostic *b)
{
    return a->place.line > 0 && a->place.line == b->place.line && a->place.column == b->place.column &&
           a->severity == b->severity && strcmp(a->text, b->text) == 0 &&
           (a->place.file == b->place.file ||
            (a->place.file && b->place.file && !strcmp(a->place.file, b->place.file)));
}

void mlg_diagnostics_settle(struct mlg_diagnostics *list)
{
    size_t kept = 0;
    mlg_diagnostics_sort(list);
    for (size_t i = 0; i < list->count; i++) {
        bool known = false;
        for (size_t k = kept; k > 0 && list->items[k - 1].place.line == list->items[i].place.line && !known;
             k--)
            known = same_diagnostic(&list->items[k - 1], &list->items[i]);
        if (!known)
            list->items[kept++] = list->items[i];
        else if (list->items[i].severity == MLG_ERROR)
            list->errors--;
    }
    list->count = kept;
}
