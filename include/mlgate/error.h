/* error: a code, a sentence and a place, owned by the caller.
 *
 * Always true:
 *  - a struct mlg_error lives on the caller's stack; NULL is accepted everywhere and means
 *    "do not tell me"; it is filled by whoever knows most, at most once per failure
 *  - the sentence is lower case, has no full stop, puts what is wrong first and the culprit in
 *    quotes, and ends with what would be accepted; it holds no control characters and is UTF-8
 *  - the place stands apart from the sentence, so that every platform can show it in its own way
 *  - functions return 0 when they did what they say, else the code; nothing is half done
 */
#ifndef MLGATE_ERROR_H
#define MLGATE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "mlgate/arena.h"

enum mlg_code {
    MLG_OK = 0,
    MLG_CONFIG,  /* the words of the user: a key, a flag, a check */
    MLG_DATA,    /* the content of a file that is judged */
    MLG_WORLD,   /* a file or a stream that cannot be read or written */
    MLG_LIMIT,   /* more than a stated limit allows, memory included */
    MLG_CLASSES, /* labels and predictions that make no classes; as numbers they may be good */
    MLG_INTERNAL /* a mistake of ours */
};

/* Line and column count from 1; 0 is "not known". The column counts bytes. What has rows and no lines has
 * MLG_PLACE_ROW for a column, and the number of the row for a line. */
enum { MLG_PLACE_ROW = 0x7fffffff };
struct mlg_place {
    const char *file; /* NULL: no place; must outlive the error */
    unsigned long line;
    unsigned column;
};

enum { MLG_ERROR_SIZE = 1024 };

struct mlg_error {
    enum mlg_code code;
    struct mlg_place place;
    char text[MLG_ERROR_SIZE];
};

/* Fill `error` and return `code`. Text that does not fit is cut at a character and ends in "…".
 * Bytes of the arguments that are control characters or not UTF-8 come out escaped as \xNN. */
int mlg_error_set(struct mlg_error *error, enum mlg_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int mlg_error_at(struct mlg_error *error, enum mlg_code code, struct mlg_place place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

enum mlg_severity { MLG_ERROR, MLG_WARNING };

/* One thing to tell about what the user wrote: shown as
 *   mlgate.yaml:7:9: unknown key 'chekcs'; did you mean 'checks'?
 *       7 |     chekcs: [roc_auc >= 0.85]
 *         |     ^^^^^^
 */
struct mlg_diagnostic {
    enum mlg_severity severity;
    struct mlg_place place;
    unsigned width;    /* bytes to underline from place.column on; 0 is one */
    const char *text;  /* the sentence */
    const char *quote; /* the source line without its newline; NULL: none to show */
};

/* All that is wrong with a configuration, in the order of the file; told at once. */
struct mlg_diagnostics {
    struct mlg_arena *arena;
    struct mlg_diagnostic *items;
    size_t count, capacity;
    size_t errors;  /* how many of them, listed or not, are errors */
    size_t omitted; /* beyond MLG_DIAGNOSTICS_LIMIT */
};

enum { MLG_DIAGNOSTICS_LIMIT = 100 };

void mlg_diagnostics_init(struct mlg_diagnostics *list, struct mlg_arena *arena);
/* Append; `quote` may be NULL. Never fails: what does not fit is counted in `omitted`. */
void mlg_diagnose(struct mlg_diagnostics *list, enum mlg_severity severity, struct mlg_place place,
                  unsigned width, const char *quote, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* Order by file, line, column; stable, so that equal places stay in the order told. */
void mlg_diagnostics_sort(struct mlg_diagnostics *list);

#endif
