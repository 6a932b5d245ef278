/* npy: NumPy's arrays, versions 1 to 3. Arrays of objects are pickles, and stay opaque. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "mlgate/number.h"

/* The header is the text of a Python dictionary: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
 */
struct text {
    const char *at, *end;
};

static void skip_blanks(struct text *text)
{
    while (text->at < text->end && (*text->at == ' ' || *text->at == '\n' || *text->at == '\t'))
        text->at++;
}

static bool take(struct text *text, char mark)
{
    skip_blanks(text);
    if (text->at == text->end || *text->at != mark)
        return false;
    text->at++;
    return true;
}

static bool take_word(struct text *text, const char *word)
{
    const size_t size = strlen(word);
    skip_blanks(text);
    if ((size_t)(text->end - text->at) < size || memcmp(text->at, word, size) != 0)
        return false;
    text->at += size;
    return true;
}

/* A text in single or double quotes, without escapes. */
static bool take_text(struct text *text, const char **start, size_t *size)
{
    skip_blanks(text);
    if (text->at == text->end || (*text->at != '\'' && *text->at != '"'))
        return false;
    const char mark = *text->at++;
    const char *close = memchr(text->at, mark, (size_t)(text->end - text->at));
    if (!close)
        return false;
    *start = text->at;
    *size = (size_t)(close - text->at);
    text->at = close + 1;
    return true;
}

/* The digits behind the letter of a type; false: none, or far too many. */
static bool take_count(struct text *text, uint64_t *count)
{
    const char *start = text->at;
    while (text->at < text->end && *text->at >= '0' && *text->at <= '9')
        text->at++;
    return mlg_number_parse_digits(start, (size_t)(text->at - start), count);
}

static bool take_shape(struct text *text, struct tensor *tensor)
{
    if (!take(text, '('))
        return false;
    while (!take(text, ')')) {
        if (tensor->axes == MOST_AXES)
            return false;
        skip_blanks(text);
        if (!take_count(text, &tensor->shape[tensor->axes++]))
            return false;
        take_word(text, "L"); /* Python 2 */
        if (!take(text, ',')) {
            if (!take(text, ')'))
                return false;
            break;
        }
    }
    return true;
}

/* "<f4". What is known by no name here is bytes: its size alone counts. */
static bool take_type(struct text *text, struct dtype *type)
{
    static const struct {
        char letter;
        const char *sizes, *kind, *word;
    } rows[] = {
        {'b', "\1", "b", "bool"},       {'i', "\1\2\4\10", "i", "int"},  {'u', "\1\2\4\10", "u", "uint"},
        {'f', "\2\4\10", "f", "float"}, {'c', "\10\20", "c", "complex"}, {'m', "\10", "i", "timedelta"},
        {'M', "\10", "i", "datetime"},
    };
    const char *start;
    size_t size;
    if (!take_text(text, &start, &size) || size < 2)
        return false;
    struct text code = {start, start + size};
    uint64_t count;
    const char order = *code.at;
    code.at += strchr("<>|=", order) != NULL;
    const char letter = *code.at++;
    if (letter == 'O') {
        *type = (struct dtype){.kind = 'V', .size = 8, .name = "object"};
        return true;
    }
    if (!take_count(&code, &count) || count > INT32_MAX)
        return false;
    *type = (struct dtype){.kind = 'V', .size = (unsigned)count, .swap = order == '>'};
    const char *shown = letter == 'S' || letter == 'a' ? "bytes" : letter == 'U' ? "text" : NULL;
    if (shown) {
        type->kind = letter == 'U' ? 'U' : 'S';
        if (__builtin_mul_overflow(type->size, letter == 'U' ? 4u : 1u, &type->size) ||
            type->size > INT32_MAX)
            return false;
        snprintf(type->name, sizeof type->name, "%s%llu", shown, (unsigned long long)count);
        return true;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].letter == letter && count < 32 && count > 0 && strchr(rows[i].sizes, (int)count)) {
            type->kind = *rows[i].kind;
            if (letter == 'b')
                snprintf(type->name, sizeof type->name, "bool");
            else if (code.at < code.end) /* the unit of a time: <M8[ns] */
                snprintf(type->name, sizeof type->name, "%s%llu%.*s", rows[i].word,
                         (unsigned long long)count * 8,
                         (int)(code.end - code.at > 10 ? 10 : code.end - code.at), code.at);
            else
                snprintf(type->name, sizeof type->name, "%s%llu", rows[i].word,
                         (unsigned long long)count * 8);
            return true;
        }
    if (!type->swap && ((letter == 'f' && count == 16) || (letter == 'c' && count == 32))) {
        type->kind = 'X';
        snprintf(type->name, sizeof type->name, letter == 'f' ? "float128" : "complex256");
        return true;
    }
    snprintf(type->name, sizeof type->name, "%c%llu%s", letter >= ' ' && letter < 127 ? letter : '?',
             (unsigned long long)count, type->swap ? " swapped" : "");
    return true;
}

/* Rows of fields, as parts of their own: each is a tensor whose steps are bytes. */
struct layout {
    struct context *context;
    struct tensor *fields; /* arena */
    const char **names;    /* "a", and of a field of a field "a/b" */
    size_t count, room, name_room;
    bool no_memory;
};

/* Axes in front of those of the fields from `first` on, which are repeated `size` bytes apart. */
static bool repeat(struct layout *layout, size_t first, const struct tensor *outer, uint64_t size)
{
    for (size_t k = first; k < layout->count; k++) {
        struct tensor *field = &layout->fields[k];
        uint64_t step = size;
        if (field->axes + outer->axes > MOST_AXES)
            return false;
        memmove(field->shape + outer->axes, field->shape, field->axes * sizeof *field->shape);
        memmove(field->steps + outer->axes, field->steps, field->axes * sizeof *field->steps);
        for (size_t n = 0; n < outer->axes; n++) {
            const size_t axis = outer->fortran ? n : outer->axes - 1 - n;
            field->shape[axis] = outer->shape[axis];
            field->steps[axis] = step;
            step *= outer->shape[axis]; /* of what is too large for it tensor_count() tells */
        }
        field->axes += outer->axes;
    }
    return true;
}

static bool add_field(struct layout *layout, const struct dtype *type, const char *name)
{
    struct mlg_arena *arena = layout->context->arena;
    struct tensor *fields =
        mlg_arena_grow(arena, layout->fields, &layout->room, layout->count + 1, sizeof *fields);
    const char **names =
        mlg_arena_grow(arena, layout->names, &layout->name_room, layout->count + 1, sizeof *names);
    layout->fields = fields ? fields : layout->fields;
    layout->names = names ? names : layout->names;
    if (!fields || !names || !name) {
        layout->no_memory = true;
        return false;
    }
    names[layout->count] = name;
    fields[layout->count++] = (struct tensor){.type = *type, .strided = true, .steps_are_bytes = true};
    return true;
}

/* A name, or (title, name). */
static bool take_name(struct text *text, const char **start, size_t *size)
{
    if (!take(text, '('))
        return take_text(text, start, size);
    return take_text(text, start, size) && take(text, ',') && take_text(text, start, size) && take(text, ')');
}

/* [('a', '<f4'), ('', '|V4'), ('b', [('c', '<i4')], (2,))]. What has no name is padding. *size: that of a
 * row. */
static bool take_fields(struct text *text, struct layout *layout, const char *within, unsigned depth,
                        uint64_t *size, bool *has_object)
{
    enum { MOST_DEPTH = 32 };
    *size = 0;
    if (depth > MOST_DEPTH || !take(text, '['))
        return false;
    while (!take(text, ']')) {
        const size_t first = layout->count;
        struct tensor repeated = {0};
        const char *start;
        size_t length;
        uint64_t one;
        if (!take(text, '(') || !take_name(text, &start, &length) || !take(text, ','))
            return false;
        const char *name = mlg_arena_format(layout->context->arena, "%s%s%.*s", within, *within ? "/" : "",
                                            (int)length, start);
        skip_blanks(text);
        if (text->at < text->end && *text->at == '[') {
            if (!take_fields(text, layout, name ? name : "", depth + 1, &one, has_object))
                return false;
        } else {
            struct dtype type;
            if (!take_type(text, &type))
                return false;
            one = type.size;
            *has_object |= strcmp(type.name, "object") == 0;
            if ((length > 0 || type.kind != 'V') && !add_field(layout, &type, name))
                return false;
        }
        if (!take(text, ')') &&
            !(take(text, ',') && (take(text, ')') || (take_shape(text, &repeated) && take(text, ')')))))
            return false;
        for (size_t k = first; k < layout->count; k++)
            layout->fields[k].offset += *size;
        repeated.type.size = (unsigned)one;
        if (one > INT32_MAX || !tensor_count(&repeated) || !repeat(layout, first, &repeated, one))
            return false;
        *size += repeated.count * one;
        if (*size > INT32_MAX)
            return false;
        take(text, ',');
    }
    return true;
}

static bool read_header(struct text *text, struct tensor *tensor, struct layout *layout)
{
    bool has_type = false, has_order = false, has_shape = false;
    if (!take(text, '{'))
        return false;
    while (!take(text, '}')) {
        const char *key;
        size_t size;
        if (!take_text(text, &key, &size) || !take(text, ':'))
            return false;
        if (size == 5 && memcmp(key, "descr", 5) == 0 && !has_type) {
            has_type = true;
            skip_blanks(text);
            const bool has_fields = text->at < text->end && *text->at == '[';
            uint64_t row;
            if (has_fields ? !take_fields(text, layout, "", 0, &row, &tensor->is_object)
                           : !take_type(text, &tensor->type))
                return false;
            if (has_fields)
                tensor->type = (struct dtype){.kind = 'V', .size = (unsigned)row, .name = "fields"};
            tensor->is_object |= strcmp(tensor->type.name, "object") == 0;
        } else if (size == 13 && memcmp(key, "fortran_order", 13) == 0 && !has_order) {
            has_order = true;
            tensor->fortran = take_word(text, "True");
            if (!tensor->fortran && !take_word(text, "False"))
                return false;
        } else if (size == 5 && memcmp(key, "shape", 5) == 0 && !has_shape) {
            has_shape = true;
            if (!take_shape(text, tensor))
                return false;
        } else {
            return false;
        }
        if (!take(text, ',')) {
            if (!take(text, '}'))
                return false;
            break;
        }
    }
    return has_type && has_order && has_shape;
}

static int damaged(struct context *context, const struct blob *blob, const char *what)
{
    return mlg_error_set(context->error, MLG_DATA, "'%s' is damaged: %s", blob->path, what);
}

static int read_tensor(struct context *context, struct blob *blob, struct tensor *tensor,
                       struct layout *layout)
{
    enum { MAGIC = 6, MOST_HEADER = 1024 * 1024 };
    unsigned char start[12] = {0};
    const size_t looked = blob->size < sizeof start ? (size_t)blob->size : sizeof start;
    *tensor = (struct tensor){0};
    *layout = (struct layout){.context = context};
    int code = blob_read(blob, 0, start, looked, context->error);
    if (code)
        return code;
    if (looked < MAGIC || memcmp(start, "\x93NUMPY", MAGIC) != 0)
        return damaged(context, blob, "it does not begin as an array does");
    const unsigned version = start[MAGIC];
    if (looked < 10 || version < 1 || version > 3)
        return damaged(context, blob,
                       looked < 10 ? "the array is cut short"
                                   : "it is an NPY file of a version that is not known");
    const uint64_t header = version == 1 ? (uint64_t)start[8] | (uint64_t)start[9] << 8
                                         : (uint64_t)start[8] | (uint64_t)start[9] << 8 |
                                               (uint64_t)start[10] << 16 | (uint64_t)start[11] << 24;
    tensor->offset = (version == 1 ? 10 : 12) + header;
    if (header > MOST_HEADER || tensor->offset > blob->size)
        return damaged(context, blob,
                       header > MOST_HEADER ? "its header is longer than 1 MiB" : "its header is cut short");
    char *text = malloc((size_t)header + 1);
    if (!text)
        return no_memory(context);
    code = blob_read(blob, tensor->offset - header, text, (size_t)header, context->error);
    struct text rest = {text, text + header};
    const bool good = !code && read_header(&rest, tensor, layout);
    free(text);
    if (code)
        return code;
    if (layout->no_memory)
        return no_memory(context);
    if (!good)
        return damaged(context, blob, "its header does not describe an array");
    if (tensor->is_object)
        return 0; /* a pickle follows, of any size */
    const uint64_t bytes = blob->size - tensor->offset;
    if (!tensor_count(tensor))
        return damaged(context, blob, "its shape is larger than any file");
    const uint64_t needed = tensor->count * tensor->type.size;
    if (needed != bytes)
        return mlg_error_set(context->error, MLG_DATA,
                             "'%s' is damaged: its header announces %llu bytes of numbers, and %llu follow",
                             blob->path, (unsigned long long)needed, (unsigned long long)bytes);
    if (!repeat(layout, 0, tensor, tensor->type.size))
        return mlg_error_set(context->error, MLG_LIMIT, "'%s' has a field of more than %d axes", blob->path,
                             MOST_AXES);
    for (size_t i = 0; i < layout->count; i++) {
        layout->fields[i].offset += tensor->offset;
        if (!tensor_count(&layout->fields[i]))
            return damaged(context, blob, "its shape is larger than any file");
    }
    return 0;
}

/* Fields by their names, whatever their order, and without what lies between them. */
static int compare_fields(struct context *context, const char *name, struct blob *a, const struct layout *x,
                          struct blob *b, const struct layout *y)
{
    enum { MOST_FIELDS = 10000 };
    if (x->count > MOST_FIELDS || y->count > MOST_FIELDS)
        return mlg_error_set(context->error, MLG_LIMIT, "'%s' has more than %d fields",
                             x->count > MOST_FIELDS ? a->path : b->path, MOST_FIELDS);
    bool *is_seen = calloc(y->count + 1, sizeof *is_seen);
    if (!is_seen)
        return no_memory(context);
    int code = 0;
    for (size_t i = 0; !code && i < x->count; i++) {
        size_t k = 0;
        while (k < y->count && (is_seen[k] || strcmp(x->names[i], y->names[k]) != 0))
            k++;
        const char *part = inner_name(context, name, x->names[i]);
        if (!part) {
            code = no_memory(context);
        } else if (k == y->count) {
            code = only_one(context, part, true, MLG_PART_TENSOR, tensor_what(context, &x->fields[i]));
        } else {
            is_seen[k] = true;
            code = compare_tensors(context, part, a, &x->fields[i], b, &y->fields[k]);
        }
    }
    for (size_t k = 0; !code && k < y->count; k++) {
        const char *part = is_seen[k] ? name : inner_name(context, name, y->names[k]);
        if (!part)
            code = no_memory(context);
        else if (!is_seen[k])
            code = only_one(context, part, false, MLG_PART_TENSOR, tensor_what(context, &y->fields[k]));
    }
    free(is_seen);
    return code;
}

int compare_npy(struct context *context, const char *name, struct blob *a, struct blob *b)
{
    struct tensor tensor_a, tensor_b;
    struct layout x, y;
    int code = read_tensor(context, a, &tensor_a, &x);
    if (!code)
        code = read_tensor(context, b, &tensor_b, &y);
    if (code)
        return code;
    if (tensor_a.is_object || tensor_b.is_object)
        return compare_bytes(
            context, name, MLG_PART_PICKLE, a, b,
            "an array of Python objects is a pickle, which is not read; save it with a type of "
            "numbers or texts");
    if (x.count > 0 && y.count > 0)
        return compare_fields(context, name, a, &x, b, &y);
    return compare_tensors(context, name, a, &tensor_a, b, &tensor_b);
}
