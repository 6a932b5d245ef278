/* param: rows that bind a name to a field of an options struct.
 *
 * A table of rows is the one place where an option is declared. Rows drive the YAML keys, the flags,
 * the environment, help, JSON Schema and the generated reference.
 *
 * Always true:
 *  - a table ends with a row whose name is NULL; names are snake_case (a flag shows '_' as '-',
 *    the environment as MLGATE_ + upper case)
 *  - parse(print(v)) gives v for every row; print writes YAML flow text
 *  - a row whose kind does not fit its field's C type does not compile (MLG_FIELD)
 *  - next to an options struct stands an array of struct mlg_origin, one per row, in row order
 */
#ifndef MLGATE_PARAM_H
#define MLGATE_PARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/arena.h"
#include "mlgate/error.h"
#include "mlgate/node.h"
#include "mlgate/text.h"

struct mlg_param;

/* What values a row takes. The behaviour of a kind stands in one const object; core has the plain
 * ones, config adds checks and slices. */
struct mlg_kind {
    const char *name;  /* "number", "share", "text" ...: shown in help and docs */
    size_t size;       /* of the field */
    bool repeats;      /* as a flag it may be given several times; the values add up to one list */
    const char *takes; /* what a value looks like, for sentences: "a number such as 0.95" */
    /* Reads `node` into `field`; tells every mistake as a diagnostic (and then leaves the field as it
     * was). Texts are allocated in `arena`. */
    bool (*parse)(const struct mlg_param *row, void *field, const struct mlg_node *node,
                  struct mlg_arena *arena, struct mlg_diagnostics *list);
    void (*print)(const struct mlg_param *row, const void *field, struct mlg_builder *out);
    /* The members of the value's JSON Schema object, without braces: "type": "number", ... */
    void (*schema)(const struct mlg_param *row, struct mlg_builder *out);
};

/* A list of texts. items[i] is never NULL; nodes[i] (may be NULL) is where it was written. */
struct mlg_texts {
    const char **items;
    const struct mlg_node **nodes;
    size_t count;
};

/* Text to text in written order. */
struct mlg_map {
    const char **keys, **values;
    size_t count;
};

/* A column name, or one per class: `score: p` or `score: {setosa: p_setosa, ...}`. */
struct mlg_column_or_map {
    const char *column; /* NULL when not given or a map */
    struct mlg_map map; /* count 0 when not a map */
};

extern const struct mlg_kind mlg_kind_text;          /* const char *; NULL: not given */
extern const struct mlg_kind mlg_kind_boolean;       /* bool */
extern const struct mlg_kind mlg_kind_integer;       /* int64_t */
extern const struct mlg_kind mlg_kind_number;        /* double */
extern const struct mlg_kind mlg_kind_share;         /* double; also written "5%" */
extern const struct mlg_kind mlg_kind_choice;        /* int: index into row->choices */
extern const struct mlg_kind mlg_kind_texts;         /* struct mlg_texts; a scalar is a list of one;
                                                        as a flag also "a,b" */
extern const struct mlg_kind mlg_kind_map;           /* struct mlg_map; as a flag "a=b", repeated */
extern const struct mlg_kind mlg_kind_column_or_map; /* struct mlg_column_or_map */

/* Which change of a row's value asks for less; `mlgate loosened` reads it. Rows of mlgate.yaml say one of
 * them, so that none is forgotten; of other tables nobody asks. */
enum mlg_weaker {
    MLG_WEAKER_UNSTATED,
    MLG_WEAKER_NONE,           /* no value asks for less than another */
    MLG_WEAKER_LOWER,          /* less, false, an earlier choice */
    MLG_WEAKER_HIGHER,         /* more, true, a later choice, a later date */
    MLG_WEAKER_HIGHER_OR_ZERO, /* the same, and 0 is no limit at all */
    MLG_WEAKER_FEWER,          /* an item of a list is gone; a text is no longer given */
    MLG_WEAKER_FEWER_OR_OTHER, /* an item of a list is gone; any other change is as MLG_WEAKER_CHANGED */
    MLG_WEAKER_NARROWER,       /* an item of a list is gone, where none given is all there are */
    MLG_WEAKER_MORE,           /* an item of a list is new */
    MLG_WEAKER_CHANGED,        /* another value asks for something else, which may be less */
    MLG_WEAKER_APART           /* more than one value tells: config/loosened.c has words of its own for it */
};

struct mlg_param {
    const char *name;
    const struct mlg_kind *kind;
    size_t offset;
    double minimum, maximum; /* numbers, inclusive; both 0: no range */
    bool minimum_open, maximum_open;
    const char *const *choices; /* NULL-terminated; choice */
    bool required;
    const char *takes;    /* what a value looks like, where the row takes less than its kind; else NULL */
    const char *argument; /* placeholder in help: PATH, COLUMN, SHARE */
    const char *group;    /* heading in help: "roles", "verdicts" */
    const char *help;     /* one sentence, no full stop */
    const char *unset;    /* what holds when it is not given and no default is printed: "the gate's name" */
    bool not_a_flag;      /* YAML and environment only */
    bool keeps_commas;    /* texts, map: a comma is a part of a value, also in a flag and in the environment,
                             where each line is a value */
    bool takes_empty;     /* map: a value may be the empty text */
    enum mlg_weaker weaker;
    const char *nothing; /* the item that stands alone for an empty list; NULL: there is no such word */
};

/* Compile-time agreement of kind and field: MLG_FIELD(struct options, confidence, share). */
#define MLG_TYPE_text const char *
#define MLG_TYPE_boolean bool
#define MLG_TYPE_integer int64_t
#define MLG_TYPE_number double
#define MLG_TYPE_share double
#define MLG_TYPE_choice int
#define MLG_TYPE_texts struct mlg_texts
#define MLG_TYPE_map struct mlg_map
#define MLG_TYPE_column_or_map struct mlg_column_or_map
#define MLG_FIELD(type, field, kind_name)                                                                    \
    .kind = &mlg_kind_##kind_name,                                                                           \
    .offset = offsetof(type, field) +                                                                        \
              0 * sizeof(struct {                                                                            \
                  _Static_assert(_Generic(((type *)0)->field, MLG_TYPE_##kind_name : 1, default : 0),        \
                                 #field " has the wrong C type for a parameter of kind " #kind_name);        \
                  int unused;                                                                                \
              })

size_t mlg_params_count(const struct mlg_param *rows);
/* The row called `name` ('-' and '_' are the same), or NULL. */
const struct mlg_param *mlg_params_find(const struct mlg_param *rows, const char *name);
/* Reads `node` into the row's field of `object` and notes where it came from. A node of a weaker
 * origin than the noted one changes nothing (built-in < config < environment < flag). Range and
 * choices are enforced here. False: told in `list`. */
bool mlg_param_set(const struct mlg_param *rows, size_t index, void *object, struct mlg_origin *origins,
                   const struct mlg_node *node, struct mlg_arena *arena, struct mlg_diagnostics *list);
void mlg_param_print(const struct mlg_param *row, const void *object, struct mlg_builder *out);
/* Reads a map node by `rows`: unknown keys (with the nearest known name), wrong types, ranges and
 * missing required keys are all told. `also` (may be NULL) lists keys that others read. */
bool mlg_params_read(const struct mlg_param *rows, void *object, struct mlg_origin *origins,
                     const struct mlg_node *map, const char *const *also, const char *what,
                     struct mlg_arena *arena, struct mlg_diagnostics *list);

#endif
