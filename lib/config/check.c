/* check: the check language, read by hand so that every mistake gets its own sentence. */
#include "mlgate/check.h"

#include <stdio.h>
#include <string.h>

struct reader {
    const char *text;
    size_t size, at;
    size_t lead; /* bytes before `text` in what the caller gave */
    struct mlg_arena *arena;
    struct mlg_error *error;
};

/* ---- characters ------------------------------------------------------------------------------ */

/* Not <ctype.h>: what a word is must not depend on the locale. */
static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name(char c)
{
    return is_letter(c) || is_digit(c) || c == '_';
}

/* Letters of every script belong to words: their bytes in UTF-8 are all above 127. */
static bool is_word(char c)
{
    return is_name(c) || (unsigned char)c >= 0x80 || (c != '\0' && strchr(".-+/:%", c) != NULL);
}

static bool is_comparing(char c)
{
    return c != '\0' && strchr("<>=!~", c) != NULL;
}

static char peek(const struct reader *reader)
{
    return reader->at < reader->size ? reader->text[reader->at] : '\0';
}

static void skip_spaces(struct reader *reader)
{
    while (is_space(peek(reader)))
        reader->at++;
}

static bool at_end(const struct reader *reader)
{
    return reader->at >= reader->size;
}

/* ---- mistakes -------------------------------------------------------------------------------- */

static struct mlg_place place_of(const struct reader *reader, size_t offset)
{
    return (struct mlg_place){.column = (unsigned)(reader->lead + offset + 1)};
}

/* The word or the one character that stands at `offset`, for sentences. */
static int seen_length(const struct reader *reader, size_t offset)
{
    size_t end = offset;
    if (end < reader->size && is_comparing(reader->text[end]))
        while (end < reader->size && is_comparing(reader->text[end]))
            end++;
    else
        while (end < reader->size && is_word(reader->text[end]))
            end++;
    if (end == offset && end < reader->size)
        end++;
    if (end - offset > 60)
        end = offset + 60;
    return (int)(end - offset);
}

#define SEEN(reader, offset) seen_length((reader), (offset)), (reader)->text + (offset)

#define MISTAKE(reader, offset, ...)                                                                         \
    mlg_error_at((reader)->error, MLG_CONFIG, place_of((reader), (offset)), __VA_ARGS__)

static int no_memory(const struct reader *reader)
{
    return mlg_error_set(reader->error, MLG_LIMIT, "no memory left for a check");
}

static const char *copy(const struct reader *reader, size_t from, size_t to)
{
    return mlg_arena_copy(reader->arena, reader->text + from, to - from);
}

/* ---- quantity -------------------------------------------------------------------------------- */

/* A text in quotes; the mark itself cannot stand inside, the other one can. */
static int read_quoted(struct reader *reader, struct mlg_argument *argument)
{
    size_t start = reader->at;
    char mark = peek(reader);
    reader->at++;
    while (!at_end(reader) && peek(reader) != mark) {
        unsigned char c = (unsigned char)peek(reader);
        if (c < 0x20 || c == 0x7f)
            return MISTAKE(reader, reader->at, "a control character cannot stand in a quoted value");
        reader->at++;
    }
    if (at_end(reader))
        return MISTAKE(reader, start, "the quote %c that begins here is never closed", mark);
    argument->offset = (unsigned)start;
    argument->value = copy(reader, start + 1, reader->at);
    reader->at++;
    return argument->value ? 0 : no_memory(reader);
}

/* A word, or several joined by '*', as a cross of columns is. */
static bool is_value(char c)
{
    return is_word(c) || c == '*';
}

static int read_value(struct reader *reader, const char **word, size_t *start)
{
    *start = reader->at;
    while (is_value(peek(reader)))
        reader->at++;
    *word = copy(reader, *start, reader->at);
    return *word ? 0 : no_memory(reader);
}

/* Where what stands for a value ends: the text need not end in a zero. */
static size_t value_end(const struct reader *reader)
{
    size_t end = reader->at;
    while (end < reader->size && (reader->text[end] == '\0' || !strchr(",)\"\n ", reader->text[end])))
        end++;
    return end;
}

static int value_missing(const struct reader *reader, const struct mlg_argument *argument)
{
    if (argument->name && is_comparing(peek(reader)))
        return MISTAKE(reader, reader->at, "a value that begins with '%.*s' stands in quotes: %s=\"%.*s\"",
                       SEEN(reader, reader->at), argument->name, (int)(value_end(reader) - reader->at),
                       reader->text + reader->at);
    if (argument->name)
        return MISTAKE(reader, reader->at, "a value is missing after '%s='", argument->name);
    if (at_end(reader))
        return MISTAKE(reader, reader->at, "an argument and ')' are missing at the end");
    if (peek(reader) == ',' || peek(reader) == ')')
        return MISTAKE(reader, reader->at, "an argument is missing before '%.*s'", SEEN(reader, reader->at));
    return MISTAKE(reader, reader->at,
                   "unexpected '%.*s' in the arguments; a value with special characters stands in quotes",
                   SEEN(reader, reader->at));
}

/* [ name "=" ] value */
static int read_argument(struct reader *reader, struct mlg_argument *argument)
{
    size_t start = 0;
    int status;

    skip_spaces(reader);
    if (peek(reader) == '\'' || peek(reader) == '"')
        return read_quoted(reader, argument);
    if (!is_word(peek(reader)))
        return value_missing(reader, argument);
    status = read_value(reader, &argument->value, &start);
    if (status)
        return status;
    argument->offset = (unsigned)start;
    skip_spaces(reader);
    if (peek(reader) != '=')
        return 0;

    argument->name = argument->value;
    argument->value = NULL;
    for (const char *c = argument->name; *c; c++)
        if (!is_name(*c) || is_digit(argument->name[0]))
            return MISTAKE(reader, start,
                           "'%s' is no argument name; names are letters, digits and '_', such as average; a "
                           "value with '=' in it stands in quotes",
                           argument->name);
    reader->at++;
    if (peek(reader) == '=')
        return MISTAKE(reader, reader->at - 1, "unexpected '=='; an argument is written '%s=VALUE'",
                       argument->name);
    skip_spaces(reader);
    if (peek(reader) == '\'' || peek(reader) == '"')
        return read_quoted(reader, argument);
    if (!is_value(peek(reader)))
        return value_missing(reader, argument);
    status = read_value(reader, &argument->value, &start);
    argument->offset = (unsigned)start;
    return status;
}

/* What stands behind an argument is neither ',' nor ')'. */
static int argument_not_ended(const struct reader *reader, const struct mlg_check *check)
{
    const struct mlg_argument *last = &check->arguments[check->argument_count - 1];
    if (at_end(reader) || is_comparing(peek(reader)))
        return MISTAKE(reader, reader->at, "')' is missing after the arguments of '%s'", check->name);
    if (peek(reader) == '(')
        return MISTAKE(reader, reader->at,
                       "parentheses cannot stand inside parentheses; the arguments of '%s' follow it: "
                       "%s(%s, NAME=VALUE)",
                       last->value, check->name, last->value);
    return MISTAKE(reader, reader->at,
                   "unexpected '%.*s' after '%s'; ',' or ')' would be accepted, and a value with spaces or "
                   "special characters stands in quotes",
                   SEEN(reader, reader->at), last->value);
}

static int read_arguments(struct reader *reader, struct mlg_check *check)
{
    reader->at++; /* ( */
    skip_spaces(reader);
    if (peek(reader) == ')')
        return MISTAKE(reader, reader->at,
                       "nothing stands between '(' and ')'; '%s' alone has no parentheses", check->name);
    for (;;) {
        struct mlg_argument *argument = &check->arguments[check->argument_count];
        size_t start;
        int status;

        skip_spaces(reader);
        start = reader->at;
        if (check->argument_count == MLG_CHECK_ARGUMENTS)
            return MISTAKE(reader, start, "'%s' has more than %d arguments", check->name,
                           (int)MLG_CHECK_ARGUMENTS);
        status = read_argument(reader, argument);
        if (status)
            return status;
        for (size_t i = 0; argument->name && i < check->argument_count; i++)
            if (check->arguments[i].name && strcmp(check->arguments[i].name, argument->name) == 0)
                return MISTAKE(reader, start, "argument '%s' is given twice; give one", argument->name);
        check->argument_count++;

        skip_spaces(reader);
        if (peek(reader) == ')') {
            reader->at++;
            return 0;
        }
        if (peek(reader) != ',')
            return argument_not_ended(reader, check);
        reader->at++;
    }
}

/* "0.85 <= roc_auc": the limit first. Tells how it should be written, where that is plain. */
static int limit_first(const struct reader *reader)
{
    struct reader look = *reader;
    size_t number = look.at, number_end, comparator, comparator_end, name, name_end;
    struct mlg_decimal decimal;

    while (is_word(peek(&look)))
        look.at++;
    number_end = look.at;
    skip_spaces(&look);
    comparator = look.at;
    while (is_comparing(peek(&look)))
        look.at++;
    comparator_end = look.at;
    skip_spaces(&look);
    name = look.at;
    while (is_name(peek(&look)))
        look.at++;
    name_end = look.at;
    if (at_end(&look) && name_end > name && comparator_end > comparator &&
        mlg_decimal_parse(look.text + number, number_end - number, &decimal)) {
        const char *sign = look.text[comparator] == '<' ? ">" : "<";
        const char *equal = memchr(look.text + comparator, '=', comparator_end - comparator) ? "=" : "";
        if (look.text[comparator] == '<' || look.text[comparator] == '>')
            return MISTAKE(reader, number, "the limit stands before the quantity; write '%.*s %s%s %.*s'",
                           (int)(name_end - name), look.text + name, sign, equal, (int)(number_end - number),
                           look.text + number);
    }
    if (comparator_end > comparator)
        return MISTAKE(reader, number,
                       "the limit stands before the quantity; write the quantity first, as in "
                       "'roc_auc >= 0.85'");
    return MISTAKE(reader, number,
                   "'%.*s' is no quantity; a check begins with one, such as 'roc_auc >= 0.85'",
                   SEEN(reader, number));
}

static int read_quantity(struct reader *reader, struct mlg_check *check)
{
    size_t start = reader->at;
    char c = peek(reader);

    if (is_comparing(c))
        return MISTAKE(reader, start,
                       "the quantity is missing before '%.*s'; write for example 'roc_auc >= 0.85'",
                       SEEN(reader, start));
    if (is_digit(c) || c == '.' || c == '-' || c == '+')
        return limit_first(reader);
    if (!is_name(c))
        return MISTAKE(reader, start,
                       "unexpected '%.*s'; a check begins with a quantity, such as 'roc_auc >= 0.85'",
                       SEEN(reader, start));
    while (is_name(peek(reader)))
        reader->at++;
    if (peek(reader) == '-' && reader->at + 1 < reader->size && is_letter(reader->text[reader->at + 1])) {
        char name[64];
        size_t length = (size_t)seen_length(reader, start);
        for (size_t i = 0; i < length; i++)
            name[i] = reader->text[start + i] == '-' ? '_' : reader->text[start + i];
        return MISTAKE(reader, reader->at, "quantities are written with '_', not '-'; write '%.*s'",
                       (int)length, name);
    }
    check->name = copy(reader, start, reader->at);
    check->name_offset = (unsigned)start;
    if (!check->name)
        return no_memory(reader);
    skip_spaces(reader);
    return peek(reader) == '(' ? read_arguments(reader, check) : 0;
}

/* ---- comparator and limit -------------------------------------------------------------------- */

bool mlg_wants_more(enum mlg_comparator comparator)
{
    return comparator == MLG_AT_LEAST || comparator == MLG_ABOVE;
}

const char *mlg_comparator_text(enum mlg_comparator comparator)
{
    static const char *const texts[] = {"", ">=", "<=", ">", "<"};
    return texts[comparator];
}

static int read_comparator(struct reader *reader, struct mlg_check *check)
{
    static const struct {
        const char *written, *meant;
    } wrong[] = {{"=>", ">="}, {"=<", "<="}, {"\xe2\x89\xa5", ">="}, {"\xe2\x89\xa4", "<="}};
    size_t start = reader->at;
    size_t length = 0;

    while (is_comparing(peek(reader))) {
        reader->at++;
        length++;
    }
    for (int i = MLG_AT_LEAST; i <= MLG_BELOW; i++) {
        const char *text = mlg_comparator_text((enum mlg_comparator)i);
        if (length == strlen(text) && memcmp(reader->text + start, text, length) == 0) {
            check->comparator = (enum mlg_comparator)i;
            return 0;
        }
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        size_t size = strlen(wrong[i].written);
        if ((length == 0 || length == size) && reader->size - start >= size &&
            memcmp(reader->text + start, wrong[i].written, size) == 0)
            return MISTAKE(reader, start, "'%s' is no comparator; write '%s'", wrong[i].written,
                           wrong[i].meant);
    }
    if (length > 0)
        return MISTAKE(reader, start, "'%.*s' is no comparator; one of >=, <=, > and < is",
                       SEEN(reader, start));
    if (is_digit(peek(reader)) || peek(reader) == '.' || peek(reader) == '-' || peek(reader) == '+')
        return MISTAKE(reader, start, "a comparator is missing before '%.*s'; write for example '%s >= %.*s'",
                       SEEN(reader, start), check->name, SEEN(reader, start));
    if (peek(reader) == ')' && check->argument_count == 0)
        return MISTAKE(reader, start, "')' closes nothing; '(' is missing after '%s'", check->name);
    if (peek(reader) == ')')
        return MISTAKE(reader, start, "')' closes nothing; the arguments of '%s' end before it", check->name);
    return MISTAKE(reader, start,
                   "unexpected '%.*s' after the quantity; one of >=, <=, > and < would be accepted",
                   SEEN(reader, start));
}

/* "0,85": a decimal comma. Tells the number as it should be written. */
static int decimal_comma(const struct reader *reader, size_t start, size_t end)
{
    char point[48];
    size_t length = end - start;
    const char *comma = memchr(reader->text + start, ',', length);
    struct mlg_decimal decimal;

    if (!comma || length >= sizeof point)
        return 0;
    memcpy(point, reader->text + start, length);
    point[comma - (reader->text + start)] = '.';
    if (!mlg_decimal_parse(point, length, &decimal))
        return 0;
    if (length - (size_t)(comma - (reader->text + start)) == 4)
        return MISTAKE(
            reader, start, "'%.*s' is no number; write '%.*s%.3s', or '%.*s' if ',' is a decimal mark",
            (int)length, reader->text + start, (int)length - 4, point, comma + 1, (int)length, point);
    return MISTAKE(reader, start, "'%.*s' is no number; the decimal mark is a point: '%.*s'", (int)length,
                   reader->text + start, (int)length, point);
}

/* Limits are compared without rounding; what cannot be is no limit. */
static int limit_too_long(const struct reader *reader, size_t start, size_t end)
{
    return MISTAKE(
        reader, start,
        "'%.*s' cannot be compared without rounding; a limit has at most %d digits and lies between "
        "1e-%d and 1e%d",
        (int)(end - start), reader->text + start, (int)MLG_DECIMAL_DIGITS, (int)MLG_DECIMAL_TENS,
        (int)MLG_DECIMAL_TENS);
}

static int read_limit(struct reader *reader, struct mlg_check *check)
{
    size_t start, end;
    char number[80];
    int status;

    skip_spaces(reader);
    start = reader->at;
    if (at_end(reader))
        return MISTAKE(reader, start, "the limit is missing after '%s'",
                       mlg_comparator_text(check->comparator));
    if (peek(reader) == '=')
        return MISTAKE(reader, start, "unexpected '='; '%s=' is written without a space",
                       mlg_comparator_text(check->comparator));
    if (peek(reader) == '\'' || peek(reader) == '"')
        return MISTAKE(reader, start, "the limit is a number and stands without quotes");
    while ((is_word(peek(reader)) || peek(reader) == ',') && peek(reader) != '%')
        reader->at++;
    end = reader->at;
    skip_spaces(reader);
    if (end > start && end - start < sizeof number - 1) {
        size_t length = end - start;
        memcpy(number, reader->text + start, length);
        if (peek(reader) == '%') {
            number[length++] = '%';
            reader->at++;
        }
        if (mlg_decimal_parse(number, length, &check->limit)) {
            check->limit_offset = (unsigned)start;
            return check->limit.exact ? 0 : limit_too_long(reader, start, end);
        }
    }
    status = decimal_comma(reader, start, end);
    if (status)
        return status;
    return MISTAKE(reader, start, "'%.*s' is no number; a limit is one, such as 0.85, 85%% or 1e-3",
                   SEEN(reader, start));
}

static int read_end(struct reader *reader)
{
    skip_spaces(reader);
    if (at_end(reader))
        return 0;
    if (is_comparing(peek(reader)))
        return MISTAKE(reader, reader->at, "unexpected '%.*s'; a check has one comparator and one limit",
                       SEEN(reader, reader->at));
    if (peek(reader) == '-' && reader->at + 1 < reader->size && is_space(reader->text[reader->at + 1]))
        return MISTAKE(
            reader, reader->at,
            "unexpected '-' after the limit; a '-' that begins the next check stands as far left as "
            "the one before");
    return MISTAKE(reader, reader->at, "unexpected '%.*s' after the limit; every check stands for itself",
                   SEEN(reader, reader->at));
}

static int read_check(struct reader *reader, struct mlg_check *check)
{
    int status = read_quantity(reader, check);
    if (status)
        return status;
    skip_spaces(reader);
    if (at_end(reader))
        return 0;
    status = read_comparator(reader, check);
    if (!status)
        status = read_limit(reader, check);
    return status ? status : read_end(reader);
}

int mlg_check_parse(const char *text, size_t size, struct mlg_arena *arena, struct mlg_check *check,
                    struct mlg_error *error)
{
    struct reader reader = {.text = text, .size = size, .arena = arena, .error = error};
    struct mlg_check result = {0};
    int status;

    while (reader.size > 0 && is_space(reader.text[reader.size - 1]))
        reader.size--;
    while (reader.size > 0 && is_space(*reader.text)) {
        reader.text++;
        reader.size--;
        reader.lead++;
    }
    if (reader.size == 0)
        return MISTAKE(&reader, 0, "the check is empty; write for example 'roc_auc >= 0.85'");
    if (reader.size > MLG_CHECK_SIZE)
        return MISTAKE(&reader, 0, "the check has %zu bytes; at most %d are read", reader.size,
                       (int)MLG_CHECK_SIZE);
    if (memchr(reader.text, '\0', reader.size))
        return MISTAKE(&reader, 0, "the check holds a zero byte");
    result.written = copy(&reader, 0, reader.size);
    if (!result.written)
        return no_memory(&reader);
    status = read_check(&reader, &result);
    if (!status)
        *check = result;
    return status;
}

/* ---- print ----------------------------------------------------------------------------------- */

static bool is_plain(const char *value)
{
    if (!*value)
        return false;
    for (; *value; value++)
        if (!is_word(*value))
            return false;
    return true;
}

void mlg_check_print_quantity(const struct mlg_check *check, struct mlg_builder *out)
{
    mlg_put(out, check->name);
    for (size_t i = 0; i < check->argument_count; i++) {
        const struct mlg_argument *argument = &check->arguments[i];
        const char *mark = is_plain(argument->value) ? "" : strchr(argument->value, '\'') ? "\"" : "'";
        mlg_put(out, i == 0 ? "(" : ", ");
        if (argument->name) {
            mlg_put(out, argument->name);
            mlg_put(out, "=");
        }
        mlg_put(out, mark);
        mlg_put(out, argument->value);
        mlg_put(out, mark);
    }
    if (check->argument_count > 0)
        mlg_put(out, ")");
}

/* Digits with a point where that stays short, else "123e-25"; every digit of the limit is kept. */
static void put_decimal(const struct mlg_decimal *decimal, struct mlg_builder *out)
{
    struct mlg_decimal number = *decimal;
    char digits[MLG_NUMBER_SIZE];
    int length, whole;
    bool negative;

    while (number.exponent < 0 && number.mantissa % 10 == 0) {
        number.mantissa /= 10;
        number.exponent++;
    }
    negative = number.mantissa < 0;
    length =
        snprintf(digits, sizeof digits, "%llu",
                 negative ? 0ULL - (unsigned long long)number.mantissa : (unsigned long long)number.mantissa);
    whole = length + number.exponent; /* digits before the point */
    if (negative)
        mlg_put(out, "-");
    if (number.exponent > 0 || whole < -6) {
        mlg_put_format(out, "%se%d", digits, number.exponent);
    } else if (number.exponent == 0) {
        mlg_put(out, digits);
    } else if (whole > 0) {
        mlg_put_format(out, "%.*s.%s", whole, digits, digits + whole);
    } else {
        mlg_put(out, "0.");
        for (int i = whole; i < 0; i++)
            mlg_put(out, "0");
        mlg_put(out, digits);
    }
}

void mlg_check_print(const struct mlg_check *check, struct mlg_builder *out)
{
    mlg_check_print_quantity(check, out);
    if (check->comparator == MLG_NO_COMPARATOR)
        return;
    mlg_put_format(out, " %s ", mlg_comparator_text(check->comparator));
    put_decimal(&check->limit, out);
}
