/* text: building text with a lid, and making foreign text safe for the language it goes into.
 *
 * Always true: a builder's text is zero-terminated after every call; once `failed` is set (the
 * lid or memory was reached) further writes do nothing, so one test at the end is enough.
 * The writers never depend on the locale.
 */
#ifndef MLGATE_TEXT_H
#define MLGATE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mlg_builder {
    char *data; /* owned; malloc'd */
    size_t size, capacity;
    size_t lid; /* the most bytes that it will hold */
    bool failed;
};

/* Starts empty; `lid` 0 means MLG_BUILDER_LID. */
void mlg_builder_init(struct mlg_builder *builder, size_t lid);
void mlg_builder_free(struct mlg_builder *builder);
enum { MLG_BUILDER_LID = 64 * 1024 * 1024 };

void mlg_put(struct mlg_builder *builder, const char *text);
void mlg_put_bytes(struct mlg_builder *builder, const char *bytes, size_t size);
void mlg_put_format(struct mlg_builder *builder, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The shortest decimal that reads back to the same double ("0.1", "1e-09", "12"). Not for NaN or
 * infinities: those are written "nan", "inf", "-inf"; JSON writers must not get that far. */
void mlg_put_number(struct mlg_builder *builder, double value);
/* An integer with thousands separated by commas: 5,226. */
void mlg_put_count(struct mlg_builder *builder, uint64_t value);
/* The same as a text in the arena; "?" without memory. */
struct mlg_arena;
const char *mlg_count_text(uint64_t value, struct mlg_arena *arena);
/* So many of what the word says: "1 row", "5,226 rows". As above. */
const char *mlg_counted_text(uint64_t value, const char *one, const char *several, struct mlg_arena *arena);
/* The word for so many: `one` for 1, else `several`. */
const char *mlg_plural(uint64_t count, const char *one, const char *several);

/* Escapers for text between the marks of each language. Bytes that are no UTF-8 come out visibly in JSON
 * and XML, as \xff, so that two texts stay two (JSON escapes control characters); in the others as U+FFFD. */
void mlg_put_json(struct mlg_builder *builder, const char *text); /* with the quotes */
void mlg_put_json_or_null(struct mlg_builder *builder, const char *text);
void mlg_put_xml(struct mlg_builder *builder, const char *text);      /* body or attribute; also what XML
                                                                         forbids as \x01, marks of writing
                                                                         direction as \u202e */
void mlg_put_markdown(struct mlg_builder *builder, const char *text); /* one line, table cell */
/* The same of a text of which `most` bytes are shown; what is cut ends with an ellipsis. */
void mlg_put_markdown_cut(struct mlg_builder *builder, const char *text, size_t most);
void mlg_put_yaml(struct mlg_builder *builder, const char *text); /* plain if safe, else quoted */
/* One word for a POSIX shell: as it stands where it is plain, else in single quotes. */
void mlg_put_shell(struct mlg_builder *builder, const char *word);
/* For a terminal or a log of a pipeline: one line; control characters and the bytes that could
 * form an escape sequence or a runner command ("::" at the start, "##[") come out visibly escaped. */
void mlg_put_plain(struct mlg_builder *builder, const char *text);

/* What mlg_put_xml makes of a text, save the escapes of XML itself. */
void mlg_put_visible(struct mlg_builder *builder, const char *text);

/* The same text, or both NULL? */
bool mlg_text_equal(const char *a, const char *b);
/* Is the text one of the `count` texts? */
bool mlg_text_is_among(const char *text, const char *const *texts, size_t count);
/* The same of a list that ends with NULL, or is NULL itself. */
bool mlg_text_is_listed(const char *text, const char *const *list);
bool mlg_text_ends_with(const char *text, const char *end);
/* Would it not be seen whole, since it is empty or has a blank at an end? */
bool mlg_text_needs_quotes(const char *text);
/* Has it no character but blanks? */
bool mlg_text_is_blank(const char *text);
/* Is the path that of the directory, which has no '/' at its end, or of something below it? */
bool mlg_path_is_below(const char *path, const char *directory);
/* Does it lie where Python keeps what it compiled, beside the sources: in a directory `__pycache__`? */
bool mlg_path_is_compiled(const char *path);
/* How many bytes of a UTF-8 text are its first `most`, no character broken. */
size_t mlg_text_cut(const char *text, size_t most);
/* How many columns of a terminal a UTF-8 text takes, counting code points as one each. */
size_t mlg_text_width(const char *text);
/* The candidate nearest to `word` by edit distance, or NULL where none is near (more than a third
 * of the letters differ). Ties go to the first. */
const char *mlg_nearest(const char *word, const char *const *candidates, size_t count);

#endif
