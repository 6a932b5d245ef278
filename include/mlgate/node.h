/* node: a value as somebody wrote it (in YAML, in a flag, in the environment), with its place.
 *
 * Always true: nodes are immutable and live in the arena of their document; a scalar's text is
 * zero-terminated and holds no zero byte; a map's keys are unique scalars in written order.
 */
#ifndef MLGATE_NODE_H
#define MLGATE_NODE_H

#include <stdbool.h>
#include <stddef.h>

#include "mlgate/error.h"

enum mlg_node_type { MLG_NODE_NULL, MLG_NODE_SCALAR, MLG_NODE_LIST, MLG_NODE_MAP };

struct mlg_node;

struct mlg_node_entry {
    const struct mlg_node *key; /* scalar; NULL in a list */
    const struct mlg_node *value;
};

/* Where a value came from; decides precedence (later beats earlier) and is shown to the user. */
enum mlg_origin_type { MLG_BUILT_IN, MLG_FROM_CONFIG, MLG_FROM_ENVIRONMENT, MLG_FROM_FLAG };

struct mlg_origin {
    enum mlg_origin_type type;
    struct mlg_place place; /* config: file:line:column */
    const char *name;       /* environment: the variable; flag: the flag with its dashes */
};

struct mlg_node {
    enum mlg_node_type type;
    bool quoted;      /* the scalar stood in quotes: "1" is text, 1 may be a number */
    bool is_cut;      /* list, map: the reading ended in it, as is told; more may stand there */
    bool is_unsure;   /* what it holds is not known for sure, as is told: nothing else is said of it */
    const char *text; /* scalar */
    size_t size;
    const struct mlg_node_entry *entries; /* list, map */
    size_t count;
    struct mlg_origin origin;
    unsigned width;    /* bytes on its first line, for the caret */
    const char *quote; /* the source line it starts on; NULL for environment and flags */
};

/* The value of `key` in a map; NULL where absent. */
const struct mlg_node *mlg_node_get(const struct mlg_node *map, const char *key);
/* "list", "map", "text" ... for sentences. */
const char *mlg_node_type_name(enum mlg_node_type type);
/* A diagnostic at the node: file:line:column, its line and a caret; for a flag or the environment
 * the sentence begins with the name of it. */
void mlg_node_diagnose(struct mlg_diagnostics *list, enum mlg_severity severity, const struct mlg_node *node,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));
/* "mlgate.yaml:5", "MLGATE_CONFIDENCE", "--confidence", "built-in". Arena text, or "" without memory. */
const char *mlg_origin_describe(const struct mlg_origin *origin, struct mlg_arena *arena);

#endif
