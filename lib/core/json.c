/* json: one walk along the text, and escapes undone. */
#include "mlgate/json.h"

#include <stdlib.h>
#include <string.h>

#include "mlgate/number.h"

struct reading {
    const char *at, *end;
    struct mlg_json *document;
    const char *problem; /* NULL: none so far */
    unsigned depth;
    bool failed; /* there is no memory */
};

static bool fail(struct reading *reading, const char *problem)
{
    if (!reading->problem && !reading->failed)
        reading->problem = problem;
    return false;
}

static void skip_blanks(struct reading *reading)
{
    while (reading->at < reading->end &&
           (*reading->at == ' ' || *reading->at == '\n' || *reading->at == '\r' || *reading->at == '\t'))
        reading->at++;
}

static bool take(struct reading *reading, char mark)
{
    skip_blanks(reading);
    if (reading->at == reading->end || *reading->at != mark)
        return false;
    reading->at++;
    return true;
}

static struct mlg_json_value *add_value(struct reading *reading, char type)
{
    struct mlg_json *document = reading->document;
    if (document->count == MLG_JSON_VALUES) {
        fail(reading, "there are more than 67,108,864 values");
        return NULL;
    }
    if (document->count == document->capacity) {
        const uint32_t capacity = document->capacity ? document->capacity * 2 : 64;
        struct mlg_json_value *values = realloc(document->values, capacity * sizeof *values);
        if (!values) {
            reading->failed = true;
            return NULL;
        }
        document->values = values;
        document->capacity = capacity;
    }
    struct mlg_json_value *value = &document->values[document->count++];
    *value = (struct mlg_json_value){.type = type, .end = document->count};
    return value;
}

static int hex_value(char digit)
{
    return digit >= '0' && digit <= '9'   ? digit - '0'
           : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
           : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                          : -1;
}

/* Behind the opening quote. */
static bool take_text(struct reading *reading, const char **text, uint32_t *size)
{
    const char *start = reading->at;
    for (; reading->at < reading->end && *reading->at != '"'; reading->at++) {
        if ((unsigned char)*reading->at < ' ')
            return fail(reading, "a control character stands in a text");
        if (*reading->at != '\\')
            continue;
        if (++reading->at == reading->end)
            break;
        if (*reading->at == 'u') {
            for (int i = 0; i < 4; i++)
                if (++reading->at == reading->end || hex_value(*reading->at) < 0)
                    return fail(reading, "an escape \\u needs four hexadecimal digits");
        } else if (!strchr("\"\\/bfnrt", *reading->at) || *reading->at == '\0') {
            return fail(reading, "an unknown escape");
        }
    }
    if (reading->at >= reading->end)
        return fail(reading, "a text does not end");
    *text = start;
    *size = (uint32_t)(reading->at - start);
    reading->at++;
    return true;
}

static bool take_word(struct reading *reading, const char *word)
{
    const size_t size = strlen(word);
    if ((size_t)(reading->end - reading->at) < size || memcmp(reading->at, word, size) != 0)
        return false;
    reading->at += size;
    return true;
}

static void skip_digits(struct reading *reading)
{
    while (reading->at < reading->end && *reading->at >= '0' && *reading->at <= '9')
        reading->at++;
}

/* Digits with a point at the most: what nearly all numbers are. */
static bool take_decimal(struct reading *reading)
{
    const char *start = reading->at;
    reading->at += *start == '-';
    const char *first = reading->at;
    skip_digits(reading);
    bool good = reading->at > first;
    if (good && reading->at < reading->end && *reading->at == '.') {
        const char *point = reading->at++;
        skip_digits(reading);
        good = reading->at > point + 1;
    }
    good = good && (reading->at == reading->end || !strchr("+-.eE", *reading->at) || !*reading->at);
    reading->at = good ? reading->at : start;
    return good;
}

static bool read_number(struct reading *reading, struct mlg_json_value *value)
{
    const char *start = reading->at;
    double ignored;
    if (reading->at < reading->end && take_decimal(reading)) {
        value->text = start;
        value->text_size = (uint32_t)(reading->at - start);
        return true;
    }
    if (!(take_word(reading, "NaN") || take_word(reading, "Infinity") || take_word(reading, "-Infinity")))
        while (reading->at < reading->end && strchr("+-.0123456789eE", *reading->at) && *reading->at)
            reading->at++;
    value->text = start;
    value->text_size = (uint32_t)(reading->at - start);
    return (value->text_size > 0 && mlg_number_parse(start, value->text_size, &ignored)) ||
           fail(reading, "a value is missing or unknown");
}

static bool read_value(struct reading *reading, const char *key, uint32_t key_size);

static bool read_children(struct reading *reading, bool object)
{
    const char close = object ? '}' : ']';
    if (take(reading, close))
        return true;
    do {
        const char *key = NULL;
        uint32_t key_size = 0;
        if (object && !(take(reading, '"') && take_text(reading, &key, &key_size) && take(reading, ':')))
            return fail(reading, "a key in quotes and a colon are needed");
        if (!read_value(reading, key, key_size))
            return false;
    } while (take(reading, ','));
    return take(reading, close) || fail(reading, object ? "an object does not end" : "an array does not end");
}

static bool read_value(struct reading *reading, const char *key, uint32_t key_size)
{
    skip_blanks(reading);
    const char first = reading->at < reading->end ? *reading->at : '\0';
    const uint32_t index = reading->document->count;
    struct mlg_json_value *value =
        add_value(reading, first == '{' || first == '[' || first == '"' ? first : '0');
    if (!value)
        return false;
    value->key = key;
    value->key_size = key_size;
    value->text = reading->at;
    bool good;
    if (first == '{' || first == '[') {
        reading->at++;
        if (++reading->depth > MLG_JSON_DEPTH)
            return fail(reading, "objects and arrays are nested too deeply");
        good = read_children(reading, first == '{');
        reading->depth--;
        value = &reading->document->values[index];
        value->end = reading->document->count;
        value->text_size = (uint32_t)(reading->at - value->text);
        return good;
    }
    if (first == '"') {
        reading->at++;
        return take_text(reading, &value->text, &value->text_size);
    }
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < 3; i++)
        if (take_word(reading, words[i])) {
            value->type = words[i][0];
            value->text = words[i];
            value->text_size = (uint32_t)strlen(words[i]);
            return true;
        }
    return read_number(reading, value);
}

bool mlg_json_read(const char *text, size_t size, struct mlg_json *document, struct mlg_json_problem *problem)
{
    struct reading reading = {.at = text, .end = text + size, .document = document};
    document->count = 0;
    if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        reading.at += 3;
    bool good = size <= UINT32_MAX ? read_value(&reading, NULL, 0) : fail(&reading, "it is too large");
    skip_blanks(&reading);
    if (good && reading.at < reading.end)
        good = fail(&reading, "something follows its end");
    *problem = (struct mlg_json_problem){good ? NULL : reading.problem, (size_t)(reading.at - text)};
    return good;
}

void mlg_json_free(struct mlg_json *document)
{
    free(document->values);
    *document = (struct mlg_json){0};
}

/* ---- texts -------------------------------------------------------------------------------------------- */

/* A text as it is meant, byte by byte. */
struct meant {
    const char *at, *end;
    unsigned char pending[4]; /* of an escaped character, the last byte first */
    unsigned count;
};

static unsigned take_unit(struct meant *meant)
{
    unsigned unit = 0;
    for (int i = 0; i < 4; i++)
        unit = unit << 4 | (unsigned)hex_value(*meant->at++);
    return unit;
}

static void escape(struct meant *meant)
{
    const char letter = *meant->at++;
    static const char letters[] = "bfnrt", meanings[] = "\b\f\n\r\t";
    const char *found = strchr(letters, letter);
    if (letter != 'u') {
        meant->pending[0] = (unsigned char)(found ? meanings[found - letters] : letter);
        meant->count = 1;
        return;
    }
    uint32_t point = take_unit(meant);
    if (point >> 10 == 0x36 && meant->end - meant->at >= 6 && meant->at[0] == '\\' && meant->at[1] == 'u') {
        const char *before = meant->at;
        meant->at += 2;
        const unsigned low = take_unit(meant);
        if (low >> 10 == 0x37)
            point = 0x10000 + ((point & 0x3ff) << 10) + (low & 0x3ff);
        else
            meant->at = before;
    }
    /* As UTF-8; half of a pair stands for itself. */
    const unsigned more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const unsigned char marks[] = {0, 0xc0, 0xe0, 0xf0};
    for (unsigned i = 0; i < more; i++) {
        meant->pending[i] = (unsigned char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    meant->pending[more] = (unsigned char)(marks[more] | point);
    meant->count = more + 1;
}

/* -1: the end. */
static int next_byte(struct meant *meant)
{
    if (meant->count == 0 && meant->at == meant->end)
        return -1;
    if (meant->count == 0 && *meant->at == '\\') {
        meant->at++;
        escape(meant);
    }
    if (meant->count > 0)
        return meant->pending[--meant->count];
    return (unsigned char)*meant->at++;
}

size_t mlg_json_text_mean(const char *text, size_t size, char *out)
{
    struct meant meant = {.at = text, .end = text + size};
    size_t count = 0;
    if (size > 0 && !memchr(text, '\\', size)) {
        memcpy(out, text, size);
        return size;
    }
    for (int byte; (byte = next_byte(&meant)) >= 0;)
        out[count++] = (char)byte;
    return count;
}

int mlg_json_text_compare(const char *a, size_t a_size, const char *b, size_t b_size)
{
    const bool equal = a_size == b_size && (a_size == 0 || memcmp(a, b, a_size) == 0);
    struct meant x = {.at = a, .end = a + a_size}, y = {.at = b, .end = b + b_size};
    int m, n;
    if (equal)
        return 0;
    do {
        m = next_byte(&x);
        n = next_byte(&y);
    } while (m == n && m >= 0);
    return (m > n) - (m < n);
}
