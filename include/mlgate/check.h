/* check: the check language.
 *
 *   check      := quantity [ comparator number ]       roc_auc >= 0.85     recall(class=yes) >= 60%
 *   quantity   := name [ "(" argument {"," argument} ")" ]
 *   comparator := ">=" | "<=" | ">" | "<"
 *   argument   := [ name "=" ] value
 *   value      := word | 'quoted' | "quoted"           (a word: letters, digits and _ . - + / : %)
 *   number     := decimal, scientific or percent
 *
 * A check without comparator is a quantity that is reported and never counts as a check (a predicate
 * of a gate, such as identical(FILE), is written the same way; the gate knows).
 *
 * Always true: the parser knows grammar only; which quantities there are is the gate's business.
 * All texts are copies in the arena. It reads at most MLG_CHECK_SIZE bytes and MLG_CHECK_ARGUMENTS
 * arguments, never recurses, and tells a mistake with the byte offset at which it stands.
 */
#ifndef MLGATE_CHECK_H
#define MLGATE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "mlgate/arena.h"
#include "mlgate/error.h"
#include "mlgate/number.h"
#include "mlgate/text.h"

enum { MLG_CHECK_SIZE = 1000, MLG_CHECK_ARGUMENTS = 16 };

enum mlg_comparator { MLG_NO_COMPARATOR, MLG_AT_LEAST, MLG_AT_MOST, MLG_ABOVE, MLG_BELOW };

struct mlg_argument {
    const char *name; /* NULL when positional */
    const char *value;
    unsigned offset; /* of the value within the text, for the caret */
};

struct mlg_check {
    const char *written; /* as written, outer spaces removed */
    const char *name;    /* of the quantity */
    unsigned name_offset;
    struct mlg_argument arguments[MLG_CHECK_ARGUMENTS];
    size_t argument_count;
    enum mlg_comparator comparator;
    struct mlg_decimal limit;
    unsigned limit_offset;
};

/* Reads `size` bytes of `text`. On a mistake returns MLG_CONFIG: error->text says what was seen and
 * what would be accepted; error->place.column is the byte offset + 1 within `text` (line and file
 * stay 0; the caller, who knows where the text stands, adds them). */
int mlg_check_parse(const char *text, size_t size, struct mlg_arena *arena, struct mlg_check *check,
                    struct mlg_error *error);
/* The canonical form: "f1(average=macro) >= 0.7"; it parses back to the same check. */
void mlg_check_print(const struct mlg_check *check, struct mlg_builder *out);
/* name(arguments), without comparator and limit. */
void mlg_check_print_quantity(const struct mlg_check *check, struct mlg_builder *out);
/* >= or >: a lower value may miss the limit. */
bool mlg_wants_more(enum mlg_comparator comparator);
const char *mlg_comparator_text(enum mlg_comparator comparator); /* ">=", ... "" for none */

#endif
