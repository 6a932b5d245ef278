/* node.c: values as somebody wrote them. */
#include "mlgate/node.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct mlg_node *mlg_node_get(const struct mlg_node *map, const char *key)
{
    if (!map || map->type != MLG_NODE_MAP)
        return NULL;
    for (size_t i = 0; i < map->count; i++)
        if (strcmp(map->entries[i].key->text, key) == 0)
            return map->entries[i].value;
    return NULL;
}

const char *mlg_node_type_name(enum mlg_node_type type)
{
    switch (type) {
    case MLG_NODE_NULL:
        return "nothing";
    case MLG_NODE_SCALAR:
        return "text";
    case MLG_NODE_LIST:
        return "list";
    case MLG_NODE_MAP:
        return "map";
    }
    return "nothing";
}

void mlg_node_diagnose(struct mlg_diagnostics *list, enum mlg_severity severity, const struct mlg_node *node,
                       const char *format, ...)
{
    char text[MLG_ERROR_SIZE * 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    bool named = node->origin.type >= MLG_FROM_ENVIRONMENT && node->origin.name;
    mlg_diagnose(list, severity, node->origin.place, node->width, node->quote, "%s%s%s",
                 named ? node->origin.name : "", named ? ": " : "", text);
}

const char *mlg_origin_describe(const struct mlg_origin *origin, struct mlg_arena *arena)
{
    const char *text = NULL;
    switch (origin->type) {
    case MLG_BUILT_IN:
        return "built-in";
    case MLG_FROM_CONFIG:
        if (origin->place.line)
            text = mlg_arena_format(arena, "%s:%lu", origin->place.file ? origin->place.file : "config",
                                    origin->place.line);
        else
            text = origin->place.file ? origin->place.file : "config";
        break;
    case MLG_FROM_ENVIRONMENT:
    case MLG_FROM_FLAG:
        text = origin->name;
        break;
    }
    return text ? text : "";
}
