/* yaml: mlgate.yaml to nodes; the only file that knows libyaml.
 *
 * libyaml's events carry marks, so that every node has its line and column. What YAML offers beyond
 * plain configuration (tags, merge keys, several documents) is refused with a sentence instead of
 * being half understood.
 */
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "mlgate/suite.h"

enum { ANCHORS = 1000 };

struct anchor {
    const char *name;
    const struct mlg_node *node;
    size_t nodes;  /* in its tree, for the cap on expansion */
    size_t height; /* collections above its deepest leaf */
    bool open;     /* still being read: an alias here would have no end */
};

/* A list or map that is being read. */
struct frame {
    struct mlg_node *node;
    struct mlg_node_entry *entries;
    size_t count, capacity;
    const struct mlg_node *key; /* of the value that comes next */
    bool value_next;            /* map: the next node is a value, even where its key was refused */
    size_t nodes, height;
    struct anchor *anchor;
    bool flow;
};

struct document {
    const char *path;
    const char *bytes;
    size_t size;
    struct mlg_arena *arena;
    struct mlg_diagnostics *list;

    size_t *starts; /* offset of every line */
    size_t lines;
    const char **quotes; /* of every line, copied when first needed */

    /* libyaml counts code points; the last place that was turned into bytes, to go on from there. */
    size_t mark_index, mark_byte;

    struct frame frames[MLG_YAML_DEPTH];
    size_t depth;
    struct anchor anchors[ANCHORS];
    size_t anchor_count;
    size_t nodes;
    const struct mlg_node *root;
    struct mlg_node *last;                   /* event: a plain scalar, which may go on; else NULL */
    struct mlg_node *closed[MLG_YAML_DEPTH]; /* blocks that ended since the last value */
    size_t closed_count;
    bool stop;  /* told; nothing after this can be read */
    bool unfit; /* told; what stands for a value is unknown, so only YAML's own mistakes follow, or none */
};

/* ---- places ---------------------------------------------------------------------------------- */

static bool find_lines(struct document *document)
{
    size_t count = 1;
    for (size_t i = 0; i < document->size; i++)
        count += document->bytes[i] == '\n';
    document->starts = MLG_NEW_ARRAY(document->arena, size_t, count);
    document->quotes = MLG_NEW_ARRAY(document->arena, const char *, count);
    if (!document->starts || !document->quotes)
        return false;
    for (size_t i = 0; i < document->size; i++)
        if (document->bytes[i] == '\n')
            document->starts[++document->lines] = i + 1;
    document->lines++;
    return true;
}

static size_t line_of(const struct document *document, size_t byte)
{
    size_t low = 0, high = document->lines;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (document->starts[middle] <= byte)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* Where the line ends, its line break left out. */
static size_t break_of(const struct document *document, size_t line)
{
    size_t end;
    if (line + 1 == document->lines)
        return document->size;
    end = document->starts[line + 1] - 1;
    return end > document->starts[line] && document->bytes[end - 1] == '\r' ? end - 1 : end;
}

/* The same without the spaces behind its text. */
static size_t line_end(const struct document *document, size_t line)
{
    size_t end = break_of(document, line);
    while (end > document->starts[line] &&
           (document->bytes[end - 1] == ' ' || document->bytes[end - 1] == '\t'))
        end--;
    return end;
}

static const char *quote_of(struct document *document, size_t line)
{
    if (!document->quotes[line])
        document->quotes[line] = mlg_arena_copy(document->arena, document->bytes + document->starts[line],
                                                break_of(document, line) - document->starts[line]);
    return document->quotes[line];
}

static struct mlg_place place_of(const struct document *document, size_t byte, size_t line)
{
    return (struct mlg_place){.file = document->path,
                              .line = (unsigned long)line + 1,
                              .column = (unsigned)(byte - document->starts[line]) + 1};
}

static bool continues_character(char byte)
{
    return ((unsigned char)byte & 0xc0) == 0x80;
}

/* The byte at which a mark of libyaml stands. Marks come in rising order but for a few. */
static size_t byte_of(struct document *document, yaml_mark_t mark)
{
    while (document->mark_index < mark.index && document->mark_byte < document->size) {
        document->mark_byte++;
        while (document->mark_byte < document->size &&
               continues_character(document->bytes[document->mark_byte]))
            document->mark_byte++;
        document->mark_index++;
    }
    while (document->mark_index > mark.index && document->mark_byte > 0) {
        document->mark_byte--;
        while (document->mark_byte > 0 && continues_character(document->bytes[document->mark_byte]))
            document->mark_byte--;
        document->mark_index--;
    }
    return document->mark_byte;
}

#define TELL(document, byte, width, ...)                                                                     \
    mlg_diagnose((document)->list, MLG_ERROR, place_of((document), (byte), line_of((document), (byte))),     \
                 (width), quote_of((document), line_of((document), (byte))), __VA_ARGS__)

static bool out_of_memory(struct document *document)
{
    document->stop = true;
    mlg_diagnose(document->list, MLG_ERROR, (struct mlg_place){.file = document->path}, 0, NULL,
                 "no memory left to read the configuration");
    return false;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

/* Length of the UTF-8 character at `at`, or 0. */
static size_t character_length(const unsigned char *at, size_t size, unsigned long *code)
{
    size_t length = at[0] < 0x80   ? 1
                    : at[0] < 0xc2 ? 0
                    : at[0] < 0xe0 ? 2
                    : at[0] < 0xf0 ? 3
                    : at[0] < 0xf5 ? 4
                                   : 0;
    static const unsigned long smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (length == 0 || length > size)
        return 0;
    *code = length == 1 ? at[0] : at[0] & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        *code = *code << 6 | (at[i] & 0x3fU);
    }
    if (*code < smallest[length] || *code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff))
        return 0;
    return length;
}

/* libyaml would tell these too, but later than where they stand and without a line. */
static bool bytes_are_text(struct document *document)
{
    const unsigned char *bytes = (const unsigned char *)document->bytes;
    for (size_t i = 0; i < document->size;) {
        unsigned long code = 0;
        size_t length = character_length(bytes + i, document->size - i, &code);
        if (length == 0) {
            TELL(document, i, 1, "byte 0x%02X is not UTF-8; save the file as UTF-8", bytes[i]);
            return false;
        }
        if (code == 0) {
            TELL(document, i, 1, "a zero byte cannot stand in YAML; is this a text file?");
            return false;
        }
        if ((code < 0x20 && code != '\t' && code != '\n' && code != '\r') ||
            (code >= 0x7f && code < 0xa0 && code != 0x85) || code == 0xfeff || code == 0xfffe ||
            code == 0xffff) {
            TELL(document, i, (unsigned)length, "the control character U+%04lX cannot stand in YAML", code);
            return false;
        }
        i += length;
    }
    return true;
}

/* ---- syntax errors ----------------------------------------------------------------------------- */

/* libyaml's words and what a user needs to hear instead; the first row that fits holds. */
static const struct syntax {
    const char *problem; /* libyaml's sentence begins so */
    const char *context; /* NULL: any */
    bool at_context;     /* tell it where the construct begins */
    const char *sentence;
} syntax_errors[] = {
    {"found unexpected end of stream", "while scanning a quoted scalar", true,
     "the quote that begins here is never closed"},
    {"found unexpected document indicator", "while scanning a quoted scalar", true,
     "the quote that begins here is never closed"},
    {"found a tab character", NULL, false, "a tab cannot indent YAML; use spaces"},
    {"could not find expected ':'", NULL, true, "':' is missing after this key; write 'KEY: VALUE'"},
    {"block sequence entries are not allowed", NULL, false,
     "a list item cannot begin here; put '- ' on a line of its own, under its key"},
    {"mapping values are not allowed", NULL, false,
     "a second ':' on this line; a value that holds ': ' stands in quotes, a map begins on its own line"},
    {"mapping keys are not allowed", NULL, false, "a key cannot stand here; put it on a line of its own"},
    {"found unknown escape character", NULL, false,
     "unknown escape in a text in double quotes; in single quotes a backslash stands for itself"},
    {"did not find expected alphabetic or numeric character", "while scanning an alias", true,
     "'*' begins an alias; put a value that begins with it in quotes"},
    {"did not find expected alphabetic or numeric character", "while scanning an anchor", true,
     "'&' begins an anchor; put a value that begins with it in quotes"},
    {"did not find expected comment or line break", "while scanning a block scalar", true,
     "'>' and '|' begin a block of text; a value that begins with one stands in quotes (and a check with its "
     "quantity)"},
    {"did not find expected ',' or ']'", NULL, false, "',' or ']' is missing in the list that begins"},
    {"did not find expected ',' or '}'", NULL, false, "',' or '}' is missing in the map that begins"},
    {"did not find expected key", NULL, false,
     "this line does not stand under the first key of its map, which begins"},
    {"did not find expected '-' indicator", NULL, false,
     "a list item that begins with '- ' is missing in the list that begins"},
    {"did not find expected <document start>", NULL, false, "unexpected text after the end of the document"},
    {"did not find expected node content", NULL, false, "a value is missing here"},
};

/* libyaml's sentences about keys have several causes; what stands around tells them apart. */
static const char *cause_of(const struct document *document, const char *problem, size_t byte, size_t context)
{
    size_t line = document->starts[line_of(document, byte)];
    size_t before = byte - line;
    bool first = true; /* on its line, but for the dashes of list items */

    for (size_t i = line; i < byte; i++)
        first = first && (document->bytes[i] == ' ' || document->bytes[i] == '-');
    if (strncmp(problem, "mapping values are not allowed", 30) == 0)
        return memchr(document->bytes + line, ':', before)
                   ? NULL
                   : "a key cannot stand here; ':' is missing in the line before, or this line is indented "
                     "otherwise";
    if (strncmp(problem, "did not find expected key", 25) != 0 &&
        strncmp(problem, "did not find expected '-' indicator", 35) != 0)
        return NULL;
    if (byte < document->size && strchr("]}", document->bytes[byte]))
        return "this bracket closes nothing";
    if (byte == context)
        return "a key is missing before ':'";
    return first ? NULL : "unexpected text behind a value; a value that begins with a quote ends with it";
}

static void tell_syntax(struct document *document, const yaml_parser_t *parser)
{
    const char *problem = parser->problem ? parser->problem : "it cannot be read";
    const char *context = parser->context ? parser->context : "";
    size_t byte = byte_of(document, parser->problem_mark);
    const struct syntax *row = NULL;

    if (parser->error == YAML_MEMORY_ERROR) {
        out_of_memory(document);
        return;
    }
    for (size_t i = 0; i < sizeof syntax_errors / sizeof *syntax_errors && !row; i++)
        if (strncmp(problem, syntax_errors[i].problem, strlen(syntax_errors[i].problem)) == 0 &&
            (!syntax_errors[i].context || strcmp(context, syntax_errors[i].context) == 0))
            row = &syntax_errors[i];
    if (row && row->at_context)
        byte = byte_of(document, parser->context_mark);
    if (strncmp(problem, "found character that cannot start", 33) == 0 && byte < document->size) {
        if (document->bytes[byte] == '\t')
            TELL(document, byte, 1, "a tab cannot indent YAML; use spaces");
        else
            TELL(document, byte, 1, "a value cannot begin with '%c'; put it in quotes",
                 document->bytes[byte]);
    } else if (cause_of(document, problem, byte, byte_of(document, parser->context_mark))) {
        TELL(document, byte, 1, "%s",
             cause_of(document, problem, byte, byte_of(document, parser->context_mark)));
    } else if (!row) {
        TELL(document, byte, 1, "not valid YAML: %s%s%s", problem, *context ? " " : "", context);
    } else if (strncmp(row->sentence + strlen(row->sentence) - 6, "begins", 6) == 0) {
        size_t begin = byte_of(document, parser->context_mark);
        struct mlg_place place = place_of(document, begin, line_of(document, begin));
        bool flow = begin < document->size && strchr("[{", document->bytes[begin]);
        if (flow && line_of(document, byte) != line_of(document, begin))
            TELL(document, begin, 1, "this %s is never closed, or a ',' is missing in it",
                 document->bytes[begin] == '[' ? "list" : "map");
        else
            TELL(document, byte, 1, "%s at line %lu, column %u", row->sentence, place.line, place.column);
    } else {
        TELL(document, byte, 1, "%s", row->sentence);
    }
}

/* ---- nodes ------------------------------------------------------------------------------------- */

/* The tag as it was written, wherever its anchor stands. */
static void refuse_tag(struct document *document, size_t byte)
{
    size_t end;
    while (byte < document->size && document->bytes[byte] == '&') {
        while (byte < document->size && !strchr(" \t\r\n", document->bytes[byte]))
            byte++;
        while (byte < document->size && strchr(" \t\r\n", document->bytes[byte]))
            byte++;
    }
    end = byte;
    while (end < document->size && end - byte < 100 && !strchr(" \t\r\n,[]{}", document->bytes[end]))
        end++;
    TELL(document, byte, (unsigned)(end - byte), "tags are not supported; take '%.*s' away",
         (int)(end - byte), document->bytes + byte);
}

/* Anchors and tags stand before the content, and the event's mark before both. */
static size_t skip_properties(const struct document *document, size_t byte)
{
    const char *bytes = document->bytes;
    while (byte < document->size && (bytes[byte] == '&' || bytes[byte] == '!')) {
        while (byte < document->size && !strchr(" \t\r\n", bytes[byte]))
            byte++;
        for (;;) {
            while (byte < document->size && strchr(" \t\r\n", bytes[byte]))
                byte++;
            if (byte >= document->size || bytes[byte] != '#')
                break;
            while (byte < document->size && bytes[byte] != '\n')
                byte++;
        }
    }
    return byte;
}

static struct mlg_node *new_node(struct document *document, enum mlg_node_type type, size_t start, size_t end)
{
    struct mlg_node *node = MLG_NEW(document->arena, struct mlg_node);
    size_t line = line_of(document, start);
    size_t stop = line_end(document, line);

    if (!node)
        return NULL;
    node->type = type;
    node->origin = (struct mlg_origin){.type = MLG_FROM_CONFIG, .place = place_of(document, start, line)};
    node->quote = quote_of(document, line);
    if (end < stop)
        stop = end;
    node->width = stop > start ? (unsigned)(stop - start) : 0;
    return node->quote ? node : NULL;
}

static bool is_null(const char *text, size_t size)
{
    return size == 0 || (size == 1 && *text == '~') ||
           (size == 4 && (!memcmp(text, "null", 4) || !memcmp(text, "Null", 4) || !memcmp(text, "NULL", 4)));
}

static struct anchor *find_anchor(struct document *document, const char *name)
{
    /* The newest of that name: YAML lets a name be used again. */
    for (size_t i = document->anchor_count; i > 0; i--)
        if (strcmp(document->anchors[i - 1].name, name) == 0)
            return &document->anchors[i - 1];
    return NULL;
}

static struct anchor *new_anchor(struct document *document, const yaml_char_t *name, size_t byte)
{
    struct anchor *anchor = &document->anchors[document->anchor_count];
    if (document->anchor_count == ANCHORS) {
        TELL(document, byte, 1, "more than %d anchors", (int)ANCHORS);
        document->stop = true;
        return NULL;
    }
    *anchor =
        (struct anchor){.name = mlg_arena_format(document->arena, "%s", (const char *)name), .open = true};
    if (!anchor->name) {
        out_of_memory(document);
        return NULL;
    }
    document->anchor_count++;
    return anchor;
}

/* Counts nodes as they would be with every alias written out. */
static bool count_nodes(struct document *document, size_t nodes, size_t byte)
{
    if (nodes <= MLG_YAML_NODES - document->nodes) {
        document->nodes += nodes;
        return true;
    }
    TELL(document, byte, 1, "more than %d values, aliases written out; a suite has fewer",
         (int)MLG_YAML_NODES);
    document->stop = true;
    return false;
}

/* Puts a finished node where it belongs: root, item, key or value. */
static bool place_node(struct document *document, const struct mlg_node *node, size_t nodes, size_t height)
{
    struct frame *frame;
    struct mlg_node_entry *entries;

    if (document->depth == 0) {
        document->root = node;
        return true;
    }
    frame = &document->frames[document->depth - 1];
    frame->nodes += nodes;
    if (frame->height < height + 1)
        frame->height = height + 1;
    if (frame->node->type == MLG_NODE_MAP && !frame->value_next) {
        frame->value_next = true;
        frame->key = NULL;
        if (node->type == MLG_NODE_SCALAR && !(strcmp(node->text, "<<") == 0 && !node->quoted))
            frame->key = node;
        else if (node->type == MLG_NODE_SCALAR)
            mlg_node_diagnose(document->list, MLG_ERROR, node,
                              "merge keys ('<<') are not supported; write the keys out");
        else if (node->type == MLG_NODE_NULL)
            mlg_node_diagnose(document->list, MLG_ERROR, node, "a key is missing before ':'");
        else
            mlg_node_diagnose(document->list, MLG_ERROR, node, "a key is text, not a %s",
                              mlg_node_type_name(node->type));
        return true;
    }
    if (frame->node->type == MLG_NODE_MAP) {
        frame->value_next = false;
        if (!frame->key)
            return true;
    }
    entries =
        mlg_arena_grow(document->arena, frame->entries, &frame->capacity, frame->count + 1, sizeof *entries);
    if (!entries)
        return out_of_memory(document);
    frame->entries = entries;
    entries[frame->count++] = (struct mlg_node_entry){.key = frame->key, .value = node};
    frame->key = NULL;
    return true;
}

static void close_anchor(struct anchor *anchor, const struct mlg_node *node, size_t nodes, size_t height)
{
    if (anchor)
        *anchor = (struct anchor){.name = anchor->name, .node = node, .nodes = nodes, .height = height};
}

static bool read_scalar(struct document *document, const yaml_event_t *event)
{
    size_t start = byte_of(document, event->start_mark);
    const char *value = (const char *)event->data.scalar.value;
    size_t size = event->data.scalar.length;
    bool quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    struct anchor *anchor = NULL;
    struct mlg_node *node;

    if (event->data.scalar.tag)
        refuse_tag(document, start);
    if (!count_nodes(document, 1, start))
        return false;
    if (event->data.scalar.anchor) {
        anchor = new_anchor(document, event->data.scalar.anchor, start);
        if (!anchor)
            return false;
    }
    /* An empty value behind an anchor has no content to skip to. */
    if ((anchor || event->data.scalar.tag) && (size > 0 || quoted))
        start = skip_properties(document, start);
    node = new_node(document, !quoted && is_null(value, size) ? MLG_NODE_NULL : MLG_NODE_SCALAR, start,
                    byte_of(document, event->end_mark));
    if (node)
        node->text = mlg_arena_copy(document->arena, value, size);
    if (!node || !node->text)
        return out_of_memory(document);
    node->size = size;
    node->quoted = quoted;
    if (memchr(value, '\0', size)) {
        mlg_node_diagnose(document->list, MLG_ERROR, node, "a zero byte cannot stand in a value");
        node->size = strlen(node->text);
    }
    close_anchor(anchor, node, 1, 0);
    document->last = quoted ? NULL : node;
    document->closed_count = 0;
    return place_node(document, node, 1, 0);
}

static bool read_alias(struct document *document, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;
    size_t byte = byte_of(document, event->start_mark);
    unsigned width = (unsigned)strlen(name) + 1;
    const struct anchor *anchor = find_anchor(document, name);

    document->last = NULL;
    document->closed_count = 0;
    if (!anchor || anchor->open) {
        struct mlg_node *nothing = new_node(document, MLG_NODE_NULL, byte, byte + width);
        if (anchor)
            TELL(document, byte, width, "the alias '*%s' stands inside what '&%s' names", name, name);
        else
            TELL(document, byte, width, "nothing is named '&%s'; an alias follows its anchor", name);
        document->unfit = true;
        if (nothing)
            nothing->is_unsure = true;
        return nothing ? place_node(document, nothing, 1, 0) : out_of_memory(document);
    }
    if (document->depth + anchor->height > MLG_YAML_DEPTH) {
        TELL(document, byte, width, "more than %d levels of lists and maps, aliases written out",
             (int)MLG_YAML_DEPTH);
        document->stop = true;
        return false;
    }
    return count_nodes(document, anchor->nodes, byte) &&
           place_node(document, anchor->node, anchor->nodes, anchor->height);
}

static bool open_collection(struct document *document, const yaml_event_t *event, enum mlg_node_type type,
                            const yaml_char_t *anchor, const yaml_char_t *tag, bool flow)
{
    size_t start = byte_of(document, event->start_mark);
    struct frame *frame = &document->frames[document->depth];

    if (tag)
        refuse_tag(document, start);
    if (!count_nodes(document, 1, start))
        return false;
    if (document->depth == MLG_YAML_DEPTH) {
        TELL(document, start, 1, "more than %d levels of lists and maps", (int)MLG_YAML_DEPTH);
        document->stop = true;
        return false;
    }
    document->last = NULL;
    document->closed_count = 0;
    *frame = (struct frame){.nodes = 1};
    if (anchor) {
        frame->anchor = new_anchor(document, anchor, start);
        if (!frame->anchor)
            return false;
    }
    if (anchor || tag)
        start = skip_properties(document, start);
    /* Until its end is known; a block's caret shows where it begins. */
    frame->node = new_node(document, type, start, start + 1);
    if (!frame->node)
        return out_of_memory(document);
    frame->flow = flow;
    document->depth++;
    return true;
}

static int compare_keys(const void *a, const void *b)
{
    const struct mlg_node *left = *(const struct mlg_node *const *)a;
    const struct mlg_node *right = *(const struct mlg_node *const *)b;
    int order = strcmp(left->text, right->text);
    if (order)
        return order;
    if (left->origin.place.line != right->origin.place.line)
        return left->origin.place.line < right->origin.place.line ? -1 : 1;
    return left->origin.place.column < right->origin.place.column   ? -1
           : left->origin.place.column > right->origin.place.column ? 1
                                                                    : 0;
}

/* Keys written twice: told with both places; the first stays. */
static bool refuse_duplicates(struct document *document, struct frame *frame)
{
    const struct mlg_node **keys = MLG_NEW_ARRAY(document->arena, const struct mlg_node *, frame->count + 1);
    const struct mlg_node *first = NULL;
    size_t kept = 0;

    if (!keys)
        return out_of_memory(document);
    for (size_t i = 0; i < frame->count; i++)
        keys[i] = frame->entries[i].key;
    qsort(keys, frame->count, sizeof(const struct mlg_node *), compare_keys);
    for (size_t i = 0; i < frame->count; i++) {
        if (first && strcmp(first->text, keys[i]->text) == 0) {
            mlg_node_diagnose(document->list, MLG_ERROR, keys[i],
                              "the key '%s' is written twice; first at line %lu, column %u", first->text,
                              first->origin.place.line, first->origin.place.column);
            /* Marks the entry: nodes are ours until the document is finished. */
            for (size_t k = 0; k < frame->count; k++)
                if (frame->entries[k].key == keys[i])
                    frame->entries[k].value = NULL;
        } else {
            first = keys[i];
        }
        if (document->list->errors > MLG_DIAGNOSTICS_LIMIT) {
            document->stop = true;
            return false;
        }
    }
    for (size_t i = 0; i < frame->count; i++)
        if (frame->entries[i].value)
            frame->entries[kept++] = frame->entries[i];
    frame->count = kept;
    return true;
}

static bool close_collection(struct document *document, const yaml_event_t *event)
{
    struct frame *frame = &document->frames[document->depth - 1];
    struct mlg_node *node = frame->node;

    if (node->type == MLG_NODE_MAP && !refuse_duplicates(document, frame))
        return false;
    if (frame->flow) { /* flow: underline it to its end or that of its first line */
        size_t line = (size_t)node->origin.place.line - 1;
        size_t start = document->starts[line] + node->origin.place.column - 1;
        size_t end = byte_of(document, event->end_mark);
        size_t stop = line_end(document, line);
        node->width = (unsigned)((end < stop ? end : stop) - start);
    } else if (frame->count > 0 && node->type == MLG_NODE_MAP) {
        node->width = frame->entries[0].key->width;
    }
    if (frame->flow)
        document->last = NULL;
    else
        document->closed[document->closed_count++] = node;
    node->entries = frame->entries;
    node->count = frame->count;
    close_anchor(frame->anchor, node, frame->nodes, frame->height);
    document->depth--;
    return place_node(document, node, frame->nodes, frame->height);
}

/* ---- the document -------------------------------------------------------------------------------- */

static bool read_event(struct document *document, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (!document->root)
            return true;
        TELL(document, byte_of(document, event->start_mark), 3,
             "a second document begins here; mlgate.yaml is one document");
        document->stop = true; /* the first one is the suite all the same */
        return true;
    case YAML_SCALAR_EVENT:
        return read_scalar(document, event);
    case YAML_ALIAS_EVENT:
        return read_alias(document, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_collection(document, event, MLG_NODE_LIST, event->data.sequence_start.anchor,
                               event->data.sequence_start.tag,
                               event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE);
    case YAML_MAPPING_START_EVENT:
        return open_collection(document, event, MLG_NODE_MAP, event->data.mapping_start.anchor,
                               event->data.mapping_start.tag,
                               event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return close_collection(document, event);
    default:
        return true;
    }
}

static void read_events(struct document *document)
{
    yaml_parser_t parser;
    bool more = true;

    if (!yaml_parser_initialize(&parser)) {
        out_of_memory(document);
        return;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)document->bytes, document->size);
    while (more && !document->stop) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            tell_syntax(document, &parser);
            document->unfit = true;
            break;
        }
        more = event.type != YAML_STREAM_END_EVENT && read_event(document, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
}

static const char *without_byte_order_mark(const char *bytes, size_t *size)
{
    if (*size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        *size -= 3;
        return bytes + 3;
    }
    return bytes;
}

/* What is open where a mistake ended the reading is closed with what it has. What stands in open brackets may
 * belong elsewhere, as they are perhaps what was not closed; the last value may be longer than it seems,
 * since a text goes on in lines that are indented further; and a block that ended just there may end by a
 * wrong indentation alone. */
static void close_open(struct document *document)
{
    if (document->last && document->depth > 0)
        document->last->is_unsure = true;
    for (size_t i = 0; document->depth > 0 && i < document->closed_count; i++)
        document->closed[i]->is_cut = true;
    while (document->depth > 0) {
        struct frame *frame = &document->frames[--document->depth];
        frame->node->is_cut = true;
        frame->node->is_unsure = frame->flow;
        frame->node->entries = frame->entries;
        frame->node->count = frame->count;
        place_node(document, frame->node, frame->nodes, frame->height);
    }
}

/* NULL: nothing could be read, which is told. */
static struct document *read_document(const char *path, const char *bytes, size_t size,
                                      struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    /* In the arena, not on the stack: with its anchors it takes tens of kilobytes. */
    struct document *document = MLG_NEW(arena, struct document);
    struct mlg_place whole = {.file = mlg_arena_format(arena, "%s", path)};

    if (!document || !whole.file) {
        mlg_diagnose(list, MLG_ERROR, whole, 0, NULL, "no memory left to read the configuration");
        return NULL;
    }
    if (size > MLG_YAML_SIZE) {
        mlg_diagnose(list, MLG_ERROR, whole, 0, NULL, "the file has %zu bytes; at most %d are read", size,
                     (int)MLG_YAML_SIZE);
        return NULL;
    }
    if (size >= 2 && (memcmp(bytes, "\xff\xfe", 2) == 0 || memcmp(bytes, "\xfe\xff", 2) == 0)) {
        mlg_diagnose(list, MLG_ERROR, whole, 0, NULL, "the file is UTF-16; save it as UTF-8");
        return NULL;
    }
    document->path = whole.file;
    document->bytes = without_byte_order_mark(bytes, &size);
    document->size = size;
    document->arena = arena;
    document->list = list;
    if (!find_lines(document)) {
        out_of_memory(document);
        return NULL;
    }
    if (!bytes_are_text(document))
        return NULL;
    read_events(document);
    if (document->root && document->root->type == MLG_NODE_NULL)
        document->root = NULL;
    return document;
}

const struct mlg_node *mlg_yaml_parse(const char *path, const char *bytes, size_t size,
                                      struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    size_t errors = list->errors;
    struct document *document = read_document(path, bytes, size, arena, list);
    if (!document)
        return NULL;
    if (!document->root && list->errors == errors)
        mlg_diagnose(list, MLG_ERROR, (struct mlg_place){.file = document->path}, 0, NULL,
                     "the file is empty; a suite begins with 'version: 1'");
    for (size_t i = document->depth; document->unfit && i > 0; i--) {
        struct frame *frame = &document->frames[i - 1];
        if (frame->node->type == MLG_NODE_MAP && !frame->flow)
            refuse_duplicates(document, frame);
    }
    return document->unfit ? NULL : document->root;
}

const struct mlg_node *mlg_yaml_salvage(const char *path, const char *bytes, size_t size,
                                        struct mlg_arena *arena)
{
    struct mlg_diagnostics told_already;
    mlg_diagnostics_init(&told_already, arena);
    struct document *document = read_document(path, bytes, size, arena, &told_already);
    if (document)
        close_open(document);
    return document ? document->root : NULL;
}

/* The size of the line at `bytes`, with its end. */
static size_t line_size(const char *bytes, size_t size)
{
    const char *end = memchr(bytes, '\n', size);
    return end ? (size_t)(end - bytes) + 1 : size;
}

static bool begins_section(const char *line)
{
    return (*line >= 'a' && *line <= 'z') || (*line >= 'A' && *line <= 'Z') || *line == '"' || *line == '\'';
}

const struct mlg_node *mlg_yaml_sections(const char *path, const char *bytes, size_t size,
                                         struct mlg_arena *arena)
{
    enum { SECTIONS = 64 };
    struct mlg_node *all = MLG_NEW(arena, struct mlg_node);
    struct mlg_node_entry *entries = MLG_NEW_ARRAY(arena, struct mlg_node_entry, SECTIONS);
    char *text = MLG_NEW_ARRAY(arena, char, size + 1);
    struct mlg_diagnostics told_already;
    size_t first = 0, count = 0;
    if (!all || !entries || !text || size > MLG_YAML_SIZE)
        return NULL;
    mlg_diagnostics_init(&told_already, arena);
    while (first < size && count < SECTIONS) {
        size_t end = first + line_size(bytes + first, size - first);
        while (end < size && !begins_section(bytes + end))
            end += line_size(bytes + end, size - end);
        /* What stands before becomes empty lines, so that places stay true. */
        size_t lines = 0;
        for (size_t i = 0; i < first; i++)
            lines += bytes[i] == '\n';
        memset(text, '\n', lines);
        memcpy(text + lines, bytes + first, end - first);
        const struct mlg_node *section =
            begins_section(bytes + first)
                ? mlg_yaml_parse(path, text, lines + end - first, arena, &told_already)
                : NULL;
        if (section && section->type == MLG_NODE_MAP && section->count == 1)
            entries[count++] = section->entries[0];
        first = end;
    }
    *all = (struct mlg_node){.type = MLG_NODE_MAP, .entries = entries, .count = count};
    return all;
}
