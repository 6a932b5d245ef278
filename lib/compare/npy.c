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
    snprintf(type->name, sizeof type->name, "%c%llu%s", letter >= ' ' && letter < 127 ? letter : '?',
             (unsigned long long)count, type->swap ? " swapped" : "");
    return true;
}

/* A list of fields, [('a', '<f4'), ('b', '<i4', (2,))]: rows of bytes. Its size follows from that of the
 * file. */
static bool take_fields(struct text *text, bool *has_object)
{
    unsigned depth = 0;
    do {
        const char *start;
        size_t size;
        skip_blanks(text);
        if (text->at == text->end)
            return false;
        if (*text->at == '\'' || *text->at == '"') {
            if (!take_text(text, &start, &size))
                return false;
            *has_object |= size <= 2 && size > 0 && start[size - 1] == 'O';
            continue;
        }
        depth += *text->at == '[' || *text->at == '(';
        depth -= *text->at == ']' || *text->at == ')';
        text->at++;
    } while (depth > 0);
    return true;
}

static bool read_header(struct text *text, struct tensor *tensor, bool *fields)
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
            *fields = text->at < text->end && *text->at == '[';
            const char *start = text->at;
            if (*fields ? !take_fields(text, &tensor->is_object) : !take_type(text, &tensor->type))
                return false;
            if (*fields) {
                /* Rows whose fields differ are of another type: their description is the name of it, hashed.
                 */
                char hex[65];
                mlg_sha256(start, (size_t)(text->at - start), hex);
                tensor->type = (struct dtype){.kind = 'V'};
                snprintf(tensor->type.name, sizeof tensor->type.name, "fields %.8s", hex);
            }
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

static int read_tensor(struct context *context, struct blob *blob, struct tensor *tensor)
{
    enum { MAGIC = 6, MOST_HEADER = 1024 * 1024 };
    unsigned char start[12] = {0};
    const size_t looked = blob->size < sizeof start ? (size_t)blob->size : sizeof start;
    *tensor = (struct tensor){0};
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
    bool fields = false;
    const bool good = !code && read_header(&rest, tensor, &fields);
    free(text);
    if (code)
        return code;
    if (!good)
        return damaged(context, blob, "its header does not describe an array");
    if (tensor->is_object)
        return 0; /* a pickle follows, of any size */
    const uint64_t bytes = blob->size - tensor->offset;
    if (fields) {
        tensor->type.size = 1;
        if (!tensor_count(tensor))
            return damaged(context, blob, "its shape is larger than any file");
        if (tensor->count > 0) {
            if (bytes % tensor->count || bytes / tensor->count > INT32_MAX)
                return damaged(context, blob, "its size does not fit its shape");
            tensor->type.size = (unsigned)(bytes / tensor->count);
        }
    } else if (!tensor_count(tensor)) {
        return damaged(context, blob, "its shape is larger than any file");
    }
    const uint64_t needed = tensor->count * tensor->type.size;
    if (needed != bytes)
        return mlg_error_set(context->error, MLG_DATA,
                             "'%s' is damaged: its header announces %llu bytes of numbers, and %llu follow",
                             blob->path, (unsigned long long)needed, (unsigned long long)bytes);
    return 0;
}

int compare_npy(struct context *context, const char *name, struct blob *a, struct blob *b)
{
    struct tensor tensor_a, tensor_b;
    int code = read_tensor(context, a, &tensor_a);
    if (!code)
        code = read_tensor(context, b, &tensor_b);
    if (code)
        return code;
    if (tensor_a.is_object || tensor_b.is_object)
        return compare_bytes(
            context, name, MLG_PART_PICKLE, a, b,
            "an array of Python objects is a pickle, which is not read; save it with a type of "
            "numbers or texts");
    return compare_tensors(context, name, a, &tensor_a, b, &tensor_b);
}
