/* text.c: a buffer with a lid, and the escapers.
 *
 * Everything foreign goes through next_point: it takes one code point of valid UTF-8, or one byte that
 * belongs to none.
 */
#include "mlgate/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/arena.h"
#include "mlgate/number.h"

/* ---- the builder --------------------------------------------------------------------------------- */

static const char no_text[1]; /* where a builder without memory points; capacity 0 forbids writing */

void mlg_builder_init(struct mlg_builder *builder, size_t lid)
{
    *builder = (struct mlg_builder){.data = (char *)no_text, .lid = lid ? lid : MLG_BUILDER_LID};
}

void mlg_builder_free(struct mlg_builder *builder)
{
    if (builder->capacity)
        free(builder->data);
    mlg_builder_init(builder, builder->lid);
}

/* Room for `size` more bytes and the final zero. */
static bool make_room(struct mlg_builder *builder, size_t size)
{
    if (builder->failed || size > builder->lid - builder->size) {
        builder->failed = true;
        return false;
    }
    size_t needed = builder->size + size + 1;
    if (needed <= builder->capacity)
        return true;
    size_t capacity = builder->capacity ? builder->capacity * 2 : 512;
    if (capacity < needed)
        capacity = needed;
    char *data = realloc(builder->capacity ? builder->data : NULL, capacity);
    if (!data) {
        builder->failed = true;
        return false;
    }
    if (builder->capacity == 0)
        data[0] = '\0';
    builder->data = data;
    builder->capacity = capacity;
    return true;
}

void mlg_put_bytes(struct mlg_builder *builder, const char *bytes, size_t size)
{
    if (size == 0 || !make_room(builder, size))
        return;
    memcpy(builder->data + builder->size, bytes, size);
    builder->size += size;
    builder->data[builder->size] = '\0';
}

void mlg_put(struct mlg_builder *builder, const char *text)
{
    mlg_put_bytes(builder, text, strlen(text));
}

void mlg_put_format(struct mlg_builder *builder, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        builder->failed = true;
    } else if (make_room(builder, (size_t)length)) {
        vsnprintf(builder->data + builder->size, (size_t)length + 1, format, again);
        builder->size += (size_t)length;
    }
    va_end(again);
}

void mlg_put_number(struct mlg_builder *builder, double value)
{
    char text[MLG_NUMBER_SIZE];
    mlg_put_bytes(builder, text, mlg_number_print(value, text));
}

const char *mlg_count_text(uint64_t value, struct mlg_arena *arena)
{
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    mlg_put_count(&text, value);
    const char *copy = text.failed ? NULL : mlg_arena_copy(arena, text.data, text.size);
    mlg_builder_free(&text);
    return copy ? copy : "?";
}

const char *mlg_plural(uint64_t count, const char *one, const char *several)
{
    return count == 1 ? one : several;
}

const char *mlg_counted_text(uint64_t value, const char *one, const char *several, struct mlg_arena *arena)
{
    const char *text =
        mlg_arena_format(arena, "%s %s", mlg_count_text(value, arena), mlg_plural(value, one, several));
    return text ? text : "?";
}

void mlg_put_count(struct mlg_builder *builder, uint64_t value)
{
    char text[32];
    char *c = text + sizeof text;
    int digits = 0;
    do {
        if (digits && digits % 3 == 0)
            *--c = ',';
        *--c = (char)('0' + value % 10);
        digits++;
    } while (value /= 10);
    mlg_put_bytes(builder, c, (size_t)(text + sizeof text - c));
}

/* ---- foreign text -------------------------------------------------------------------------------- */

static const uint32_t NOT_UTF8 = UINT32_MAX;

/* The code point at `text` (not at its end) and its number of bytes; NOT_UTF8 and 1 for a byte that
 * starts none (overlong forms and surrogates are none). */
static uint32_t next_point(const char *text, unsigned *size)
{
    const unsigned char *c = (const unsigned char *)text;
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned length = c[0] < 0x80 ? 1 : c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : c[0] >= 0xc0 ? 2 : 0;
    *size = 1;
    if (length == 1)
        return c[0];
    if (length == 0 || c[0] > 0xf4)
        return NOT_UTF8;
    uint32_t point = c[0] & (0x7fU >> length);
    for (unsigned i = 1; i < length; i++) {
        if ((c[i] & 0xc0) != 0x80) /* the final zero stops here too */
            return NOT_UTF8;
        point = point << 6 | (c[i] & 0x3fU);
    }
    if (point < smallest[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
        return NOT_UTF8;
    *size = length;
    return point;
}

static bool is_control(uint32_t point)
{
    return point < 0x20 || (point >= 0x7f && point < 0xa0);
}

/* Characters that show nothing but change how what stands around them is shown: separators of lines
 * and paragraphs, and what turns the direction of writing. */
static bool is_deceptive(uint32_t point)
{
    return point == 0x2028 || point == 0x2029 || (point >= 0x202a && point <= 0x202e) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0x200e || point == 0x200f || point == 0x061c ||
           point == 0xfeff;
}

static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

/* `\u202e` for what turns the direction of writing, else `\xff` for every byte. */
static void put_visibly(struct mlg_builder *builder, uint32_t point, const char *bytes, unsigned size)
{
    if (is_deceptive(point)) {
        mlg_put_format(builder, "\\u%04x", (unsigned)point);
        return;
    }
    for (unsigned i = 0; i < size; i++)
        mlg_put_format(builder, "\\x%02x", (unsigned)(unsigned char)bytes[i]);
}

/* Has XML no way to hold it, or would nobody see it? */
static bool is_unseen_in_xml(uint32_t point)
{
    return point == NOT_UTF8 || (is_control(point) && point != '\n' && point != '\r' && point != '\t') ||
           (point & 0xfffe) == 0xfffe || is_deceptive(point);
}

void mlg_put_visible(struct mlg_builder *builder, const char *text)
{
    unsigned size;
    for (const char *c = text; *c; c += size) {
        uint32_t point = next_point(c, &size);
        if (is_unseen_in_xml(point))
            put_visibly(builder, point, c, size);
        else
            mlg_put_bytes(builder, c, size);
    }
}

void mlg_put_json(struct mlg_builder *builder, const char *text)
{
    mlg_put(builder, "\"");
    const char *plain = text; /* what is fine as it is goes out in one piece */
    unsigned size;
    for (const char *c = text; *c; c += size) {
        uint32_t point = next_point(c, &size);
        char escape[8];
        const char *instead = escape;
        switch (point) {
        case '"':
            instead = "\\\"";
            break;
        case '\\':
            instead = "\\\\";
            break;
        case '\n':
            instead = "\\n";
            break;
        case '\r':
            instead = "\\r";
            break;
        case '\t':
            instead = "\\t";
            break;
        default:
            if (point == NOT_UTF8) /* visibly, so that two different bytes stay two */
                snprintf(escape, sizeof escape, "\\\\x%02x", (unsigned)(unsigned char)*c);
            else if (is_control(point) || is_deceptive(point))
                snprintf(escape, sizeof escape, "\\u%04x", (unsigned)point & 0xffffU);
            else
                continue;
        }
        mlg_put_bytes(builder, plain, (size_t)(c - plain));
        mlg_put(builder, instead);
        plain = c + size;
    }
    mlg_put(builder, plain);
    mlg_put(builder, "\"");
}

void mlg_put_json_or_null(struct mlg_builder *builder, const char *text)
{
    if (text)
        mlg_put_json(builder, text);
    else
        mlg_put(builder, "null");
}

void mlg_put_xml(struct mlg_builder *builder, const char *text)
{
    const char *plain = text;
    unsigned size;
    for (const char *c = text; *c; c += size) {
        uint32_t point = next_point(c, &size);
        const char *instead = NULL;
        switch (point) {
        case '&':
            instead = "&amp;";
            break;
        case '<':
            instead = "&lt;";
            break;
        case '>':
            instead = "&gt;";
            break;
        case '"':
            instead = "&quot;";
            break;
        case '\'':
            instead = "&apos;";
            break;
        case '\n': /* as references, so that attributes keep them */
            instead = "&#10;";
            break;
        case '\r':
            instead = "&#13;";
            break;
        case '\t':
            instead = "&#9;";
            break;
        default:
            if (!is_unseen_in_xml(point))
                continue;
        }
        mlg_put_bytes(builder, plain, (size_t)(c - plain));
        if (instead)
            mlg_put(builder, instead);
        else /* not as a reference, which a viewer would turn back */
            put_visibly(builder, point, c, size);
        plain = c + size;
    }
    mlg_put(builder, plain);
}

static bool is_word_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c & 0x80);
}

/* "#12", "!12", "~label", "%1": GitHub and GitLab link these after Markdown is done with its escapes. */
static bool refers(const char *c)
{
    return strchr("#!~$%&", *c) && is_word_byte(c[1]);
}

static bool is_www(const char *text, const char *point)
{
    return point - text >= 3 && (strncmp(point - 3, "www", 3) == 0 || strncmp(point - 3, "WWW", 3) == 0);
}

void mlg_put_markdown(struct mlg_builder *builder, const char *text)
{
    unsigned size;
    for (const char *c = text; *c; c += size) {
        uint32_t point = next_point(c, &size);
        if (point == NOT_UTF8 || is_deceptive(point)) {
            mlg_put(builder, replacement);
        } else if (point == '\n' || point == '\t' || point == '\r') {
            mlg_put(builder, " ");
        } else if (is_control(point)) {
            mlg_put(builder, replacement);
        } else if (point == '<') {
            mlg_put(builder, "&lt;");
        } else if (point == '>') {
            mlg_put(builder, "&gt;");
        } else if (point == '&') {
            mlg_put(builder, refers(c) ? "&amp;<!-- -->" : "&amp;");
        } else if (point == '@') {
            mlg_put(builder, "@<!-- -->"); /* else it would call somebody of that name */
        } else if (point == '%' && refers(c)) {
            mlg_put(builder, "%<!-- -->");
        } else if (point == ':' && c[1] == '/' && c[2] == '/') {
            mlg_put(builder, ":<!-- -->"); /* else it would be a link */
        } else if (point == '.' && is_www(text, c)) {
            mlg_put(builder, ".<!-- -->");
        } else if (point == '_') {
            /* Within a word it stays itself: roc_auc. */
            bool within = c > text && is_word_byte(c[-1]) && is_word_byte(c[1]);
            mlg_put(builder, within ? "_" : "\\_");
        } else if (point < 0x80 && strchr("\\`*{}[]#|!~$", (int)point)) {
            mlg_put_format(builder, refers(c) ? "\\%c<!-- -->" : "\\%c", (int)point);
        } else if (c == text && (point == '-' || point == '+' || point == '=')) {
            mlg_put_format(builder, "\\%c", (int)point);
        } else {
            mlg_put_bytes(builder, c, size);
        }
    }
}

void mlg_put_markdown_cut(struct mlg_builder *builder, const char *text, size_t most)
{
    const size_t size = mlg_text_cut(text, most);
    if (!text[size]) {
        mlg_put_markdown(builder, text);
        return;
    }
    struct mlg_builder cut;
    mlg_builder_init(&cut, 0);
    mlg_put_bytes(&cut, text, size);
    mlg_put_markdown(builder, cut.size ? cut.data : "");
    mlg_put(builder, "\xe2\x80\xa6");
    builder->failed = builder->failed || cut.failed;
    mlg_builder_free(&cut);
}

/* Would YAML (1.1 or 1.2) read this plain scalar as something other than text? */
static bool is_yaml_word(const char *text)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
    char low[8];
    size_t size = strlen(text);
    if (size < sizeof low) {
        for (size_t i = 0; i <= size; i++)
            low[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i]);
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            if (strcmp(low, words[i]) == 0)
                return true;
    }
    return false;
}

static bool is_plain_yaml(const char *text)
{
    size_t size = strlen(text);
    /* Whatever starts like a number might be one in some YAML: it is quoted, unless a letter that no
     * number has tells at once (dates and versions are quoted too). */
    char first = text[0];
    if (!((first >= 'a' && first <= 'z') || (first >= 'A' && first <= 'Z') || first == '_' || first == '/'))
        return false;
    if (text[size - 1] == ' ' || is_yaml_word(text))
        return false;
    for (const char *c = text; *c; c++)
        if (!((*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
              strchr("_./+-*<>=()% ~@$^;", *c)))
            return false;
    return true;
}

void mlg_put_yaml(struct mlg_builder *builder, const char *text)
{
    if (is_plain_yaml(text)) {
        mlg_put(builder, text);
        return;
    }
    mlg_put(builder, "\"");
    unsigned size;
    for (const char *c = text; *c; c += size) {
        uint32_t point = next_point(c, &size);
        if (point == NOT_UTF8 || (point & 0xfffe) == 0xfffe)
            mlg_put(builder, replacement);
        else if (point == '"' || point == '\\')
            mlg_put_format(builder, "\\%c", (int)point);
        else if (point == '\n')
            mlg_put(builder, "\\n");
        else if (point == '\t')
            mlg_put(builder, "\\t");
        else if (is_control(point))
            mlg_put_format(builder, "\\x%02x", (unsigned)point);
        else if (is_deceptive(point))
            mlg_put_format(builder, "\\u%04x", (unsigned)point);
        else
            mlg_put_bytes(builder, c, size);
    }
    mlg_put(builder, "\"");
}

void mlg_put_plain(struct mlg_builder *builder, const char *text)
{
    char before = builder->size ? builder->data[builder->size - 1] : '\n';
    bool start = true; /* only spaces so far: where a runner looks for "::command::" */
    unsigned size;
    for (const char *c = text; *c; c += size) {
        uint32_t point = next_point(c, &size);
        bool command = (point == ':' && (before == ':' || c[1] == ':') && start) ||
                       (point == '#' && before == '#'); /* "##[error]", "##vso[", "##teamcity[" */
        if (point == NOT_UTF8 || is_control(point) || command || is_deceptive(point)) {
            put_visibly(builder, point, c, size);
            before = 'x';
        } else {
            mlg_put_bytes(builder, c, size);
            before = *c;
        }
        start = start && (before == ' ' || (before == ':' && c[1] == ':'));
    }
}

/* ---- small questions about words ----------------------------------------------------------------- */

void mlg_put_shell(struct mlg_builder *builder, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=@%+,-";
    if (*word && word[strspn(word, plain)] == '\0') {
        mlg_put(builder, word);
        return;
    }
    mlg_put(builder, "'");
    for (const char *c = word; *c; c++)
        if (*c == '\'')
            mlg_put(builder, "'\\''");
        else
            mlg_put_bytes(builder, c, 1);
    mlg_put(builder, "'");
}

bool mlg_text_equal(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

bool mlg_text_is_among(const char *text, const char *const *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(texts[i], text) == 0)
            return true;
    return false;
}

bool mlg_text_is_listed(const char *text, const char *const *list)
{
    for (; list && *list; list++)
        if (strcmp(*list, text) == 0)
            return true;
    return false;
}

bool mlg_text_ends_with(const char *text, const char *end)
{
    const size_t size = strlen(text), tail = strlen(end);
    return size >= tail && strcmp(text + size - tail, end) == 0;
}

bool mlg_path_is_below(const char *path, const char *directory)
{
    const size_t size = strlen(directory);
    return strncmp(path, directory, size) == 0 && (path[size] == '\0' || path[size] == '/');
}

bool mlg_path_is_compiled(const char *path)
{
    static const char name[] = "__pycache__";
    const size_t size = sizeof name - 1;
    for (const char *found = path; (found = strstr(found, name)); found += size)
        if ((found == path || found[-1] == '/') && (found[size] == '/' || found[size] == '\0'))
            return true;
    return false;
}

bool mlg_text_needs_quotes(const char *text)
{
    static const char blank[] = " \t\r\n";
    return !*text || strchr(blank, *text) || strchr(blank, text[strlen(text) - 1]);
}

bool mlg_text_is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n\v\f")] == '\0';
}

size_t mlg_text_cut(const char *text, size_t most)
{
    size_t size = strnlen(text, most);
    while (text[size] && size && ((unsigned char)text[size] & 0xc0) == 0x80)
        size--;
    return size;
}

size_t mlg_text_width(const char *text)
{
    size_t width = 0;
    for (; *text; text++)
        width += (*text & 0xc0) != 0x80;
    return width;
}

static char fold(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c == '-' ? '_' : c);
}

enum { NEAREST_SIZE = 64 };

/* Insertions, deletions, replacements and swaps of neighbours that lead from `a` to `b`. */
static unsigned edit_distance(const char *a, size_t a_size, const char *b, size_t b_size)
{
    unsigned rows[3][NEAREST_SIZE + 1];
    unsigned *two_ago = rows[0], *ago = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b_size; j++)
        ago[j] = (unsigned)j;
    for (size_t i = 1; i <= a_size; i++) {
        now[0] = (unsigned)i;
        for (size_t j = 1; j <= b_size; j++) {
            bool same = fold(a[i - 1]) == fold(b[j - 1]);
            unsigned best = ago[j - 1] + !same;
            if (ago[j] + 1 < best)
                best = ago[j] + 1;
            if (now[j - 1] + 1 < best)
                best = now[j - 1] + 1;
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) && fold(a[i - 2]) == fold(b[j - 1]) &&
                two_ago[j - 2] + 1 < best)
                best = two_ago[j - 2] + 1;
            now[j] = best;
        }
        unsigned *oldest = two_ago;
        two_ago = ago;
        ago = now;
        now = oldest;
    }
    return ago[b_size];
}

const char *mlg_nearest(const char *word, const char *const *candidates, size_t count)
{
    size_t size = strlen(word);
    const char *nearest = NULL;
    unsigned best = 0;
    if (size == 0 || size > NEAREST_SIZE)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t other = strlen(candidates[i]);
        if (other == 0 || other > NEAREST_SIZE)
            continue;
        unsigned distance = edit_distance(word, size, candidates[i], other);
        size_t longer = size > other ? size : other;
        if (distance * 3 <= longer && (!nearest || distance < best)) {
            nearest = candidates[i];
            best = distance;
        }
    }
    return nearest;
}
