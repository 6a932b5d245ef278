/* json: a document read into a flat list of values, and what its texts mean.
 *
 * Always true: numbers stay as they are written, so that none is rounded or refused; NaN, Infinity and
 * -Infinity, which Python writes, are numbers. Nothing is copied: values point into the text.
 */
#ifndef MLGATE_JSON_H
#define MLGATE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Values in the order of the text; the children of one stand behind it, up to `end`. Keys and texts are as
 * they are written, without their quotes. */
struct mlg_json_value {
    const char *key, *text; /* key NULL: an item of an array, or the document; text of {, [: all of it */
    uint32_t key_size, text_size;
    uint32_t end; /* index of the first value that is no longer within this one */
    char type;    /* { [ " 0 (a number) t f n */
};
enum { MLG_JSON_VALUES = 64 * 1024 * 1024, MLG_JSON_DEPTH = 200 };

struct mlg_json {
    struct mlg_json_value *values; /* malloc'd; the first is the document */
    uint32_t count, capacity;
};

struct mlg_json_problem {
    const char *what; /* NULL: for want of memory */
    size_t at;        /* the byte of the text */
};

/* False: it is no JSON. What `document` held before is forgotten, and its memory used again; it begins as
 * {0}, and is freed in any case. */
bool mlg_json_read(const char *text, size_t size, struct mlg_json *document,
                   struct mlg_json_problem *problem);
void mlg_json_free(struct mlg_json *document);

/* Orders keys and texts by what they mean, escapes undone. */
int mlg_json_text_compare(const char *a, size_t a_size, const char *b, size_t b_size);
/* The text with its escapes undone; it gets no longer. Half of a surrogate pair stands for itself, in three
 * bytes. Returns its size. */
size_t mlg_json_text_mean(const char *text, size_t size, char *out);

#endif
