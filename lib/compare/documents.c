/* documents: JSON compared by key, JSON lines, text by line, and bytes that nobody can read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"

/* ---- JSON ------------------------------------------------------------------------------------------ */

/* Where a value stands: a key, or (NULL) an index. */
struct step {
    const char *key;
    uint32_t size;
    uint64_t index;
};

struct walk {
    struct tally *tally;
    const struct mlg_json_value *a, *b;
    bool keras;         /* the date in Keras' metadata.json is left out */
    unsigned long line; /* of JSON lines; 0: a document */
    size_t depth;
    struct step steps[MLG_JSON_DEPTH + 1];
    int code;
};

static bool is_date(const char *key, size_t size)
{
    static const char date[] = "date_saved";
    return key && size == sizeof date - 1 && memcmp(key, date, size) == 0;
}

/* The segment of a pattern "/a/b" at this depth; false: it has fewer. */
static bool segment(const char *pattern, size_t depth, const char **start, size_t *size)
{
    for (size_t i = 0; *pattern; i++) {
        pattern++;
        *size = strcspn(pattern, "/");
        *start = pattern;
        if (i == depth)
            return true;
        pattern += *size;
    }
    return false;
}

/* As RFC 6901 writes keys: ~0 is ~, ~1 is /. */
static bool is_step(const char *text, size_t size, const struct step *step)
{
    char number[24];
    const char *key = step->key;
    size_t key_size = step->size, i = 0;
    if (size == 1 && *text == '*')
        return true;
    if (!key) {
        key_size = (size_t)snprintf(number, sizeof number, "%llu", (unsigned long long)step->index);
        key = number;
    }
    for (size_t k = 0; k < key_size; k++) {
        const bool marked = key[k] == '~' || key[k] == '/';
        if (i + marked >= size || text[i] != (marked ? '~' : key[k]))
            return false;
        if (marked && text[++i] != (key[k] == '~' ? '0' : '1'))
            return false;
        i++;
    }
    return i == size;
}

bool is_ignored_key(struct context *context, const char *key)
{
    const struct step step = {.key = key, .size = (uint32_t)strlen(key)};
    bool ignored = false;
    for (size_t i = 0; i < context->options->ignore_count; i++) {
        const char *pattern = context->options->ignore[i], *start;
        size_t size;
        if (*pattern != '/' || !segment(pattern, 0, &start, &size) || start[size] != '\0' ||
            !is_step(start, size, &step))
            continue;
        context->ignored |= UINT64_C(1) << i;
        ignored = true;
    }
    return ignored;
}

/* The patterns that are paths in a document: bit i is pattern i. */
static uint64_t all_paths(const struct context *context)
{
    uint64_t alive = 0;
    for (size_t i = 0; i < context->options->ignore_count; i++)
        alive |= context->options->ignore[i][0] == '/' ? UINT64_C(1) << i : 0;
    return alive;
}

/* Of the patterns in `alive`, which have matched every step so far, those that match the last one too, which
 * is the `depth`th from 0 on. *ignored is set where one ends there. */
static uint64_t step_into(struct context *context, uint64_t alive, size_t depth, const struct step *last,
                          bool *ignored)
{
    uint64_t still = 0;
    for (size_t i = 0; alive && i < context->options->ignore_count; i++) {
        const char *start;
        size_t size;
        if (!(alive >> i & 1) || !segment(context->options->ignore[i], depth, &start, &size) ||
            !is_step(start, size, last))
            continue;
        still |= UINT64_C(1) << i;
        if (start[size] == '\0') {
            context->ignored |= UINT64_C(1) << i;
            *ignored = true;
        }
    }
    return still;
}

static void put_value(struct mlg_builder *out, const struct mlg_json_value *values, uint32_t index)
{
    const struct mlg_json_value *value = &values[index];
    if (value->type == '{' || value->type == '[')
        mlg_put(out, value->type == '{' ? "{...}" : "[...]");
    else if (value->type == '"')
        mlg_put(out, "\"");
    if (value->type != '{' && value->type != '[')
        mlg_put_bytes(out, value->text, value->text_size);
    if (value->type == '"')
        mlg_put(out, "\"");
}

/* Index UINT32_MAX: that side has nothing. */
static void place_value(struct walk *walk, uint32_t a, uint32_t b)
{
    struct mlg_builder place, x, y;
    const char *name = walk->tally->part.name;
    mlg_builder_init(&place, 64 * 1024);
    mlg_builder_init(&x, 0);
    mlg_builder_init(&y, 0);
    mlg_put(&place, name);
    if (walk->line > 0)
        mlg_put_format(&place, "%sline %lu", *name ? " " : "", walk->line);
    for (size_t i = 0; i < walk->depth; i++) {
        const struct step *step = &walk->steps[i];
        mlg_put(&place, i == 0 && place.size ? " /" : "/");
        if (step->key)
            mlg_put_bytes(&place, step->key, step->size);
        else
            mlg_put_format(&place, "%llu", (unsigned long long)step->index);
    }
    if (a != UINT32_MAX)
        put_value(&x, walk->a, a);
    if (b != UINT32_MAX)
        put_value(&y, walk->b, b);
    if (place.data)
        tally_place(walk->tally, place.size ? place.data : "the whole document",
                    a != UINT32_MAX ? x.data : NULL, x.size, b != UINT32_MAX ? y.data : NULL, y.size);
    mlg_builder_free(&place);
    mlg_builder_free(&x);
    mlg_builder_free(&y);
}

/* The path of what lies here, as `ignore` has it. */
static void put_pattern(struct mlg_builder *out, const struct walk *walk)
{
    for (size_t i = 0; i < walk->depth; i++) {
        const struct step *step = &walk->steps[i];
        mlg_put(out, step->key ? "/" : "/*");
        for (uint32_t k = 0; step->key && k < step->size; k++)
            if (step->key[k] == '~' || step->key[k] == '/')
                mlg_put(out, step->key[k] == '~' ? "~0" : "~1");
            else
                mlg_put_bytes(out, &step->key[k], 1);
    }
}

/* Notes where the two differ, once for all places of a list. */
static void note_key(struct walk *walk, uint32_t a, uint32_t b)
{
    struct mlg_part *part = &walk->tally->part;
    struct mlg_arena *arena = walk->tally->context->arena;
    const bool is_text =
        (a == UINT32_MAX || walk->a[a].type == '"') && (b == UINT32_MAX || walk->b[b].type == '"');
    struct mlg_builder path;
    size_t k = 0;
    if (walk->depth == 0 || part->has_more_keys)
        return;
    mlg_builder_init(&path, 64 * 1024);
    put_pattern(&path, walk);
    while (path.data && k < part->key_count && strcmp(part->keys[k].path, path.data) != 0)
        k++;
    if (!path.data || k == MLG_COMPARE_KEYS) {
        part->has_more_keys = true;
    } else if (k < part->key_count) {
        part->keys[k].is_text &= is_text;
    } else {
        if (!part->keys)
            part->keys = MLG_NEW_ARRAY(arena, struct mlg_part_key, MLG_COMPARE_KEYS);
        const char *copy = part->keys ? mlg_arena_copy(arena, path.data, path.size) : NULL;
        if (copy)
            part->keys[part->key_count++] = (struct mlg_part_key){copy, is_text};
        part->has_more_keys = !copy;
    }
    mlg_builder_free(&path);
}

/* Two values that were counted: where, if that is wanted, and by which key, if they are beyond the tolerance
 * now that they were counted, and not `beyond` values as before. */
static void tell_value(struct walk *walk, uint32_t a, uint32_t b, uint64_t beyond, bool has_room)
{
    if (has_room)
        place_value(walk, a, b);
    if (walk->tally->part.distance.beyond > beyond)
        note_key(walk, a, b);
}

static void compare_values(struct walk *walk, uint32_t a, uint32_t b, uint64_t alive);

/* One step down to a pair, of which one may be missing (UINT32_MAX). */
static void compare_pair(struct walk *walk, struct step step, uint32_t a, uint32_t b, uint64_t alive)
{
    const uint64_t beyond = walk->tally->part.distance.beyond;
    bool ignored = false;
    walk->steps[walk->depth++] = step;
    alive = step_into(walk->tally->context, alive, walk->depth - 1, &step, &ignored);
    walk->tally->left_out |= ignored;
    ignored |= walk->keras && walk->depth == 1 && is_date(step.key, step.size);
    if (!ignored && a != UINT32_MAX && b != UINT32_MAX)
        compare_values(walk, a, b, alive);
    else if (!ignored)
        tell_value(
            walk, a, b, beyond,
            tally_unlike(walk->tally, a == UINT32_MAX ? "has other keys or items" : "lacks keys or items"));
    walk->depth--;
}

struct keyed {
    const struct mlg_json_value *values;
    uint32_t index;
};

static int by_key(const void *x, const void *y)
{
    const struct keyed *a = x, *b = y;
    const struct mlg_json_value *m = &a->values[a->index], *n = &b->values[b->index];
    const int order = mlg_json_text_compare(m->key, m->key_size, n->key, n->key_size);
    return order ? order : (a->index > b->index) - (a->index < b->index); /* twins stay in their order */
}

static struct keyed *sorted_keys(const struct mlg_json_value *values, uint32_t object, size_t *count)
{
    const uint32_t end = values[object].end;
    *count = 0;
    for (uint32_t i = object + 1; i < end; i = values[i].end)
        ++*count;
    struct keyed *keys = malloc((*count + 1) * sizeof *keys);
    size_t used = 0;
    for (uint32_t i = object + 1; keys && i < end; i = values[i].end)
        keys[used++] = (struct keyed){values, i};
    if (keys)
        qsort(keys, used, sizeof *keys, by_key);
    return keys;
}

static void compare_objects(struct walk *walk, uint32_t a, uint32_t b, uint64_t alive)
{
    size_t count_a, count_b, i = 0, k = 0;
    struct keyed *keys_a = sorted_keys(walk->a, a, &count_a), *keys_b = sorted_keys(walk->b, b, &count_b);
    if (!keys_a || !keys_b)
        walk->code = no_memory(walk->tally->context);
    while (keys_a && keys_b && !walk->code && (i < count_a || k < count_b)) {
        const uint32_t index_a = i < count_a ? keys_a[i].index : UINT32_MAX,
                       index_b = k < count_b ? keys_b[k].index : UINT32_MAX;
        const struct mlg_json_value *x = &walk->a[i < count_a ? index_a : 0],
                                    *y = &walk->b[k < count_b ? index_b : 0];
        const int order = i == count_a   ? 1
                          : k == count_b ? -1
                                         : mlg_json_text_compare(x->key, x->key_size, y->key, y->key_size);
        const struct mlg_json_value *at = order <= 0 ? x : y;
        compare_pair(walk, (struct step){at->key, at->key_size, 0}, order <= 0 ? index_a : UINT32_MAX,
                     order >= 0 ? index_b : UINT32_MAX, alive);
        i += order <= 0;
        k += order >= 0;
    }
    free(keys_a);
    free(keys_b);
}

static void compare_values(struct walk *walk, uint32_t a, uint32_t b, uint64_t alive)
{
    const struct mlg_json_value *x = &walk->a[a], *y = &walk->b[b];
    struct tally *tally = walk->tally;
    const bool are_empty = x->end == a + 1 && y->end == b + 1;
    const uint64_t beyond = tally->part.distance.beyond;
    if (x->type != y->type) {
        tell_value(walk, a, b, beyond, tally_unlike(tally, "holds other values"));
    } else if ((x->type == '{' || x->type == '[') && are_empty) {
        if (walk->depth > 0) /* a value of what it is in; a document that is empty holds nothing */
            tally_equal(tally);
    } else if (x->type == '{') {
        compare_objects(walk, a, b, alive);
    } else if (x->type == '[') {
        uint32_t i = a + 1, k = b + 1;
        for (uint64_t index = 0; !walk->code && (i < x->end || k < y->end); index++) {
            const bool has_a = i < x->end, has_b = k < y->end;
            compare_pair(walk, (struct step){NULL, 0, index}, has_a ? i : UINT32_MAX, has_b ? k : UINT32_MAX,
                         alive);
            i = has_a ? walk->a[i].end : i;
            k = has_b ? walk->b[k].end : k;
        }
    } else if (x->type == '0') {
        tell_value(walk, a, b, beyond,
                   tally_texts(tally, x->text, x->text_size, y->text, y->text_size, "holds other numbers"));
    } else if (x->type == '"' && mlg_json_text_compare(x->text, x->text_size, y->text, y->text_size) != 0) {
        tell_value(walk, a, b, beyond, tally_unlike(tally, "holds other texts"));
    } else {
        tally_equal(tally);
    }
}

bool json_read(const char *text, size_t size, unsigned long line, struct mlg_json *document, char *why)
{
    struct mlg_json_problem problem;
    *document = (struct mlg_json){0};
    *why = '\0';
    if (mlg_json_read(text, size, document, &problem))
        return true;
    for (size_t i = 0; i < problem.at; i++)
        line += text[i] == '\n';
    if (problem.what)
        snprintf(why, 160, "line %lu: %s", line, problem.what);
    mlg_json_free(document);
    return false;
}

static bool has_key(const struct mlg_json *document, const char *key)
{
    const struct mlg_json_value *values = document->values;
    for (uint32_t i = 1; values[0].type == '{' && i < values[0].end; i = values[i].end)
        if (values[i].key_size == strlen(key) && memcmp(values[i].key, key, values[i].key_size) == 0)
            return true;
    return false;
}

bool is_keras(const struct mlg_json *document)
{
    return has_key(document, "keras_version") && has_key(document, "date_saved");
}

static bool is_blank(const char *line, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (line[i] != ' ' && line[i] != '\t' && line[i] != '\r' && line[i] != '\n')
            return false;
    return true;
}

/* The next line without its end; false: there is none. */
static bool take_line(const char **at, const char *end, const char **line, size_t *size)
{
    if (*at >= end)
        return false;
    const char *stop = memchr(*at, '\n', (size_t)(end - *at));
    *line = *at;
    *size = (size_t)((stop ? stop : end) - *at);
    *at = stop ? stop + 1 : end;
    if (*size > 0 && (*line)[*size - 1] == '\r')
        --*size;
    return true;
}

/* The next one that is not blank, as a table's rows are read. */
static bool take_full_line(const char **at, const char *end, const char **line, size_t *size,
                           unsigned long *number)
{
    while (take_line(at, end, line, size)) {
        ++*number;
        if (!is_blank(*line, *size))
            return true;
    }
    *size = 0;
    return false;
}

/* The next line that is not blank, else all of it, once. `number`: of the line that it begins on, at first 0.
 */
static bool take_document(const char **at, const char *end, bool lines, const char **text, size_t *size,
                          unsigned long *number)
{
    if (lines)
        return take_full_line(at, end, text, size, number);
    *text = *at;
    *size = (size_t)(end - *at);
    return (*number)++ == 0;
}

/* Where values are put, and what is left out of them. */
struct putting {
    struct context *context;
    struct mlg_builder *out;
    bool keras; /* the date in Keras' metadata.json */
};

/* Keys in their order, numbers and texts as they are written, without what the patterns in `alive` leave out,
 * whose first `depth` steps have led here. */
static bool put_values(struct putting *putting, const struct mlg_json_value *values, uint32_t index,
                       size_t depth, uint64_t alive)
{
    struct mlg_builder *out = putting->out;
    const struct mlg_json_value *value = &values[index];
    size_t count = 0;
    struct keyed *keys = value->type == '{' ? sorted_keys(values, index, &count) : NULL;
    bool good = value->type != '{' || keys;
    mlg_put_format(out, "%c", value->type);
    for (size_t i = 0; good && i < count; i++) {
        const struct mlg_json_value *child = &values[keys[i].index];
        const struct step step = {child->key, child->key_size, 0};
        bool ignored = putting->keras && depth == 0 && is_date(child->key, child->key_size);
        const uint64_t still = step_into(putting->context, alive, depth, &step, &ignored);
        if (ignored)
            continue;
        mlg_put_format(out, "%lu ", (unsigned long)child->key_size);
        mlg_put_bytes(out, child->key, child->key_size);
        good = put_values(putting, values, keys[i].index, depth + 1, still);
    }
    uint64_t at = 0;
    for (uint32_t i = index + 1; good && value->type == '[' && i < value->end; i = values[i].end) {
        const struct step step = {NULL, 0, at++};
        bool ignored = false;
        const uint64_t still = step_into(putting->context, alive, depth, &step, &ignored);
        good = ignored || put_values(putting, values, i, depth + 1, still);
    }
    putting->context->is_told |= (value->type != '{' && value->type != '[') || value->end == index + 1;
    if (value->type != '{' && value->type != '[' && value->text) {
        mlg_put_format(out, "%lu ", (unsigned long)value->text_size);
        mlg_put_bytes(out, value->text, value->text_size);
    }
    mlg_put(out, value->type == '{' || value->type == '[' ? "." : "");
    free(keys);
    return good;
}

int put_values_meaning(struct context *context, const struct mlg_json *document, uint32_t index,
                       struct mlg_builder *out)
{
    struct putting putting = {.context = context, .out = out};
    return put_values(&putting, document->values, index, 0, all_paths(context)) ? 0 : no_memory(context);
}

/* *is_json false: it is none. */
static int put_document(struct context *context, const char *text, size_t size, bool lines, bool *is_json,
                        struct mlg_builder *out)
{
    struct mlg_json document;
    char why[160];
    *is_json = json_read(text, size, 1, &document, why);
    if (!*is_json)
        return 0;
    struct putting putting = {.context = context, .out = out, .keras = !lines && is_keras(&document)};
    const bool good = put_values(&putting, document.values, 0, 0, all_paths(context));
    mlg_put(out, "\n");
    mlg_json_free(&document);
    return good ? 0 : no_memory(context);
}

int put_json_meaning(struct context *context, struct blob *blob, bool lines, bool *told,
                     struct mlg_builder *out)
{
    static const uint64_t most = 64 << 20;
    *told = false;
    int code = blob->size <= most ? blob_load(blob, context->error) : 0;
    if (code || blob->size > most)
        return code;
    const char *at = blob->bytes, *end = at + blob->size, *text;
    size_t size;
    unsigned long number = 0;
    mlg_put(out, lines ? "JSON lines\n" : "JSON\n");
    *told = true;
    while (!code && *told && take_document(&at, end, lines, &text, &size, &number))
        code = put_document(context, text, size, lines, told, out);
    return code;
}

/* False: one of them is no JSON. */
static bool compare_documents(struct tally *tally, const char *a, size_t a_size, const char *b, size_t b_size,
                              unsigned long line, int *code)
{
    struct mlg_json x, y;
    char why_a[160], why_b[160];
    const bool good_a = json_read(a, a_size, 1, &x, why_a), good_b = json_read(b, b_size, 1, &y, why_b);
    struct walk *walk = good_a && good_b ? calloc(1, sizeof *walk) : NULL;
    if (walk) {
        walk->tally = tally;
        walk->a = x.values;
        walk->b = y.values;
        walk->line = line;
        walk->keras = line == 0 && is_keras(&x) && is_keras(&y);
        tally->context->keras_date |= walk->keras;
        compare_values(walk, 0, 0, all_paths(tally->context));
        *code = walk->code;
    } else if (good_a && good_b) {
        *code = no_memory(tally->context);
    }
    free(walk);
    if (good_a)
        mlg_json_free(&x);
    if (good_b)
        mlg_json_free(&y);
    return good_a && good_b;
}

int compare_json(struct context *context, const char *name, struct blob *a, struct blob *b, bool lines,
                 bool *is_json)
{
    struct tally tally;
    *is_json = true;
    int code = blob_load_both(a, b, context->error);
    if (code || is_ignored(context, name))
        return code;
    code = tally_begin(&tally, context, name, lines ? MLG_PART_LINES : MLG_PART_JSON);
    if (code)
        return code;
    const char *x = a->bytes, *y = b->bytes;
    tally.other_bytes = a->size != b->size || memcmp(x, y, (size_t)a->size) != 0;
    if (!lines) {
        *is_json = compare_documents(&tally, x, (size_t)a->size, y, (size_t)b->size, 0, &code);
    } else {
        const char *at_a = x, *at_b = y;
        unsigned long number_a = 0, number_b = 0;
        while (*is_json && !code) {
            const char *line_a = "", *line_b = "";
            size_t size_a = 0, size_b = 0;
            const bool has_a = take_full_line(&at_a, x + a->size, &line_a, &size_a, &number_a),
                       has_b = take_full_line(&at_b, y + b->size, &line_b, &size_b, &number_b);
            if (!has_a && !has_b)
                break;
            if (has_a && has_b) {
                *is_json = compare_documents(&tally, line_a, size_a, line_b, size_b, number_a, &code);
            } else {
                char place[64];
                const bool room = tally_unlike(&tally, "has other lines");
                snprintf(place, sizeof place, "line %lu", has_a ? number_a : number_b);
                if (room)
                    tally_place(&tally, place, has_a ? line_a : NULL, size_a, has_b ? line_b : NULL, size_b);
            }
        }
    }
    if (code || !*is_json)
        return code;
    if (tally.left_out && tally.part.distance.elements == 0)
        return 0; /* nothing of it is left */
    tally.part.what = mlg_counted_text(tally.part.distance.elements, "value", "values", context->arena);
    return tally_end(&tally);
}

/* Is all of it JSON? `why` has room for 160 bytes. */
static bool is_all_json(const char *bytes, size_t size, bool lines, char *why)
{
    const char *at = bytes, *text;
    struct mlg_json document;
    bool good = true;
    size_t length;
    unsigned long number = 0;
    while (good && take_document(&at, bytes + size, lines, &text, &length, &number)) {
        good = json_read(text, length, number, &document, why);
        if (good)
            mlg_json_free(&document);
    }
    return good;
}

int check_json(struct context *context, struct blob *a, struct blob *b, bool lines)
{
    char why_a[160] = "", why_b[160] = "";
    const int code = blob_load_both(a, b, context->error);
    const bool good_a = !code && is_all_json(a->bytes, (size_t)a->size, lines, why_a);
    if (code || good_a == is_all_json(b->bytes, (size_t)b->size, lines, why_b))
        return code;
    return mlg_error_set(context->error, MLG_DATA, "'%s' is damaged: it is no JSON, %s",
                         good_a ? b->path : a->path, good_a ? why_b : why_a);
}

/* ---- text ------------------------------------------------------------------------------------------ */

bool is_utf8(const char *bytes, uint64_t size)
{
    const unsigned char *at = (const unsigned char *)bytes, *end = at + size;
    while (at < end) {
        const unsigned char first = *at++;
        if (first == 0)
            return false;
        if (first < 0x80)
            continue;
        const unsigned more = first >> 5 == 6 ? 1 : first >> 4 == 14 ? 2 : first >> 3 == 30 ? 3 : 0;
        if (more == 0 || (uint64_t)(end - at) < more)
            return false;
        for (unsigned i = 0; i < more; i++)
            if (*at++ >> 6 != 2)
                return false;
    }
    return true;
}

int compare_text(struct context *context, const char *name, struct blob *a, struct blob *b)
{
    struct tally tally;
    int code = blob_load_both(a, b, context->error);
    if (code || is_ignored(context, name))
        return code;
    code = tally_begin(&tally, context, name, MLG_PART_TEXT);
    if (code)
        return code;
    const char *x = a->bytes, *y = b->bytes;
    tally.other_bytes = a->size != b->size || memcmp(x, y, (size_t)a->size) != 0;
    const char *at_a = x, *at_b = y;
    uint64_t lines = 0;
    for (;;) {
        const char *line_a = "", *line_b = "";
        size_t size_a = 0, size_b = 0;
        const bool has_a = take_line(&at_a, x + a->size, &line_a, &size_a),
                   has_b = take_line(&at_b, y + b->size, &line_b, &size_b);
        if (!has_a && !has_b)
            break;
        lines++;
        if (has_a && has_b && size_a == size_b && memcmp(line_a, line_b, size_a) == 0) {
            tally_equal(&tally);
        } else if (tally_unlike(&tally, "has other lines") && tally.part.place_count == 0) {
            /* What follows a line that was added differs too, and would say nothing. */
            char place[64];
            snprintf(place, sizeof place, "line %llu", (unsigned long long)lines);
            const char *where = *name ? mlg_arena_format(context->arena, "%s %s", name, place) : place;
            tally_place(&tally, where ? where : place, has_a ? line_a : NULL, size_a, has_b ? line_b : NULL,
                        size_b);
        }
    }
    if (tally.part.distance.differ == 0 && is_blank(x, (size_t)a->size))
        tally.part.distance.elements = 0; /* nothing stands in it */
    tally.part.what = mlg_counted_text(lines, "line", "lines", context->arena);
    return tally_end(&tally);
}

/* ---- bytes ----------------------------------------------------------------------------------------- */

int compare_bytes(struct context *context, const char *name, enum mlg_part_kind kind, struct blob *a,
                  struct blob *b, const char *hint)
{
    enum { WINDOW = 256 * 1024 };
    struct tally tally;
    if (is_ignored(context, name))
        return 0;
    int code = tally_begin(&tally, context, name, kind);
    unsigned char *windows = code ? NULL : malloc(2 * WINDOW);
    if (code || !windows)
        return code ? code : no_memory(context);
    unsigned char *x = windows, *y = windows + WINDOW;
    struct mlg_distance *distance = &tally.part.distance;
    const uint64_t both = a->size < b->size ? a->size : b->size;
    uint64_t first = UINT64_MAX;
    unsigned char first_a = 0, first_b = 0;
    for (uint64_t offset = 0; !code && offset < both; offset += WINDOW) {
        const size_t size = both - offset < WINDOW ? (size_t)(both - offset) : WINDOW;
        code = blob_read(a, offset, x, size, context->error);
        if (!code)
            code = blob_read(b, offset, y, size, context->error);
        if (code || memcmp(x, y, size) == 0)
            continue;
        for (size_t i = 0; i < size; i++) {
            if (x[i] == y[i])
                continue;
            if (first == UINT64_MAX) {
                first = offset + i;
                first_a = x[i];
                first_b = y[i];
            }
            distance->differ++;
        }
    }
    free(windows);
    if (code)
        return code;
    distance->elements = a->size > b->size ? a->size : b->size;
    distance->differ += distance->elements - both;
    distance->beyond = distance->differ;
    tally.part.what = bytes_text(context, a->size);
    if (distance->differ == 0)
        return tally_end(&tally);
    distance->undefined = named(context, name, "differs and is opaque");
    char value_a[8], value_b[8];
    snprintf(value_a, sizeof value_a, "0x%02x", first_a);
    snprintf(value_b, sizeof value_b, "0x%02x", first_b);
    if (first == UINT64_MAX)
        first = both;
    const char *place = mlg_arena_format(context->arena, "%s%sbyte %s", name, *name ? " " : "",
                                         mlg_count_text(first, context->arena));
    if (place)
        tally_place(&tally, place, first < a->size ? value_a : NULL, 4, first < b->size ? value_b : NULL, 4);
    const char *why = a->size != b->size
                          ? mlg_arena_format(context->arena, "%s against %s%s%s", tally.part.what,
                                             bytes_text(context, b->size), hint ? "; " : "", hint ? hint : "")
                          : hint;
    return tally_end_as(&tally, MLG_PART_OPAQUE, why);
}
