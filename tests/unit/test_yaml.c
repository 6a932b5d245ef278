/* YAML to nodes: what is read, what is refused, and where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mlgate/suite.h"
#include "named_rows.h"

/* ---- what is told ---------------------------------------------------------------------------- */

/* Every diagnostic as "line:column [what the caret underlines] sentence". */
static void put_told(const struct mlg_diagnostics *list, struct mlg_builder *out)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct mlg_diagnostic *told = &list->items[i];
        assert_string_equal(told->place.file, "mlgate.yaml");
        if (told->quote)
            mlg_put_format(out, "%lu:%u [%.*s] %s\n", told->place.line, told->place.column, (int)told->width,
                           told->quote + told->place.column - 1, told->text);
        else
            mlg_put_format(out, "%s\n", told->text);
    }
}

static const struct refusal {
    const char *name, *text;
    size_t size; /* 0: up to the zero */
    const char *told;
} refusals[] = {
    {"an empty file", "", 0, "the file is empty; a suite begins with 'version: 1'\n"},
    {"comments alone", "# nothing\n", 0, "the file is empty; a suite begins with 'version: 1'\n"},
    {"an empty document",
     "---\n"
     "...\n",
     0, "the file is empty; a suite begins with 'version: 1'\n"},
    {"null alone", "~\n", 0, "the file is empty; a suite begins with 'version: 1'\n"},
    {"a key written twice",
     "a: 1\n"
     "b: 2\n"
     "a: 3\n",
     0, "3:1 [a] the key 'a' is written twice; first at line 1, column 1\n"},
    {"a key written three times in a flow map", "m: {x: 1, \"x\": 2, x: 3}\n", 0,
     "1:11 [\"x\"] the key 'x' is written twice; first at line 1, column 5\n"
     "1:19 [x] the key 'x' is written twice; first at line 1, column 5\n"},
    {"an unknown anchor",
     "a: *x\n"
     "b: *y\n",
     0,
     "1:4 [*x] nothing is named '&x'; an alias follows its anchor\n"
     "2:4 [*y] nothing is named '&y'; an alias follows its anchor\n"},
    {"an alias before its anchor",
     "a: *x\n"
     "b: &x 1\n",
     0, "1:4 [*x] nothing is named '&x'; an alias follows its anchor\n"},
    {"an alias inside its own anchor", "a: &a [1, *a]\n", 0,
     "1:11 [*a] the alias '*a' stands inside what '&a' names\n"},
    {"a merge key",
     "base: &b {a: 1}\n"
     "x:\n"
     "  <<: *b\n"
     "  c: 1\n",
     0, "3:3 [<<] merge keys ('<<') are not supported; write the keys out\n"},
    {"a tag", "version: !!int 1\n", 0, "1:10 [!!int] tags are not supported; take '!!int' away\n"},
    {"a tag behind an anchor", "version: &v !number 1\n", 0,
     "1:13 [!number] tags are not supported; take '!number' away\n"},
    {"a tag on a list", "a: !x [1]\n", 0, "1:4 [!x] tags are not supported; take '!x' away\n"},
    {"a second document",
     "a: 1\n"
     "---\n"
     "b: 2\n",
     0, "2:1 [---] a second document begins here; mlgate.yaml is one document\n"},
    {"text behind the end of the document",
     "a: 1\n"
     "...\n"
     "b\n",
     0, "3:1 [b] unexpected text after the end of the document\n"},
    {"a list as a key",
     "? [a]\n"
     ": b\n",
     0, "1:3 [[a]] a key is text, not a list\n"},
    {"a key that is missing", "{: b}\n", 0, "1:2 [:] a value is missing here\n"},
    {"a colon at the beginning", ": b\n", 0, "1:1 [:] a key is missing before ':'\n"},
    {"a tab as indentation",
     "a:\n"
     "\tb: 1\n",
     0, "2:1 [\t] a tab cannot indent YAML; use spaces\n"},
    {"a tab at the beginning", "\ta: 1\n", 0, "1:1 [\t] a tab cannot indent YAML; use spaces\n"},
    {"a quote that is never closed",
     "a: \"b\n"
     "c: d\n",
     0, "1:4 [\"] the quote that begins here is never closed\n"},
    {"a single quote that is never closed", "a: 'b\n", 0,
     "1:4 ['] the quote that begins here is never closed\n"},
    {"text behind a quoted value", "a: \"b\" c\n", 0,
     "1:8 [c] unexpected text behind a value; a value that begins with a quote ends with it\n"},
    {"a list that is never closed",
     "a: [b, c\n"
     "d: e\n",
     0, "1:4 [[] this list is never closed, or a ',' is missing in it\n"},
    {"a map that is never closed", "a: {b: c\n", 0,
     "1:4 [{] this map is never closed, or a ',' is missing in it\n"},
    {"a colon is missing in the first line",
     "version 1\n"
     "data: x\n",
     0,
     "2:5 [:] a key cannot stand here; ':' is missing in the line before, or this line is indented "
     "otherwise\n"},
    {"a colon is missing in the last line",
     "version: 1\n"
     "data\n",
     0, "2:1 [d] ':' is missing after this key; write 'KEY: VALUE'\n"},
    {"a line is indented too far",
     "a: 1\n"
     "  b: 2\n",
     0,
     "2:4 [:] a key cannot stand here; ':' is missing in the line before, or this line is indented "
     "otherwise\n"},
    {"a line is indented too little",
     "a:\n"
     "    b: 1\n"
     "  c: 2\n",
     0,
     "3:3 [c] this line does not stand under the first key of its map, which begins at line 1, column 1\n"},
    {"two colons in a value", "a: b: c\n", 0,
     "1:5 [:] a second ':' on this line; a value that holds ': ' stands in quotes, a map begins on its own "
     "line\n"},
    {"a list item in the line of its key", "a: - b\n", 0,
     "1:4 [-] a list item cannot begin here; put '- ' on a line of its own, under its key\n"},
    {"a list beside a map",
     "a: 1\n"
     "- b\n",
     0,
     "2:1 [-] this line does not stand under the first key of its map, which begins at line 1, column 1\n"},
    {"a map beside a list",
     "- b\n"
     "a: 1\n",
     0, "2:1 [a] a list item that begins with '- ' is missing in the list that begins at line 1, column 1\n"},
    {"a value that begins with an at sign", "a: @b\n", 0,
     "1:4 [@] a value cannot begin with '@'; put it in quotes\n"},
    {"a value that begins with a backtick", "a: [`b c`]\n", 0,
     "1:5 [`] a value cannot begin with '`'; put it in quotes\n"},
    {"a value that begins with a percent sign", "a: %b\n", 0,
     "1:4 [%] a value cannot begin with '%'; put it in quotes\n"},
    {"a value that begins with a star", "a: * b\n", 0,
     "1:4 [*] '*' begins an alias; put a value that begins with it in quotes\n"},
    {"a value that begins with an ampersand", "a: & b\n", 0,
     "1:4 [&] '&' begins an anchor; put a value that begins with it in quotes\n"},
    {"a check that begins with its comparator",
     "checks:\n"
     "  - >= 0.85\n",
     0,
     "2:5 [>] '>' and '|' begin a block of text; a value that begins with one stands in quotes (and a check "
     "with its quantity)\n"},
    {"an unknown escape", "a: \"C:\\data\"\n", 0,
     "1:7 [\\] unknown escape in a text in double quotes; in single quotes a backslash stands for itself\n"},
    {"a zero in a value", "a: \"b\\0c\"\n", 0, "1:4 [\"b\\0c\"] a zero byte cannot stand in a value\n"},
    {"a zero byte", "a: \000\n", 5, "1:4 [] a zero byte cannot stand in YAML; is this a text file?\n"},
    {"bytes that are not UTF-8",
     "a: 1\n"
     "b: caf\351\n",
     0, "2:7 [\351] byte 0xE9 is not UTF-8; save the file as UTF-8\n"},
    {"an overlong character", "a: \300\257\n", 0,
     "1:4 [\300] byte 0xC0 is not UTF-8; save the file as UTF-8\n"},
    {"half a surrogate", "a: \355\240\200\n", 0,
     "1:4 [\355] byte 0xED is not UTF-8; save the file as UTF-8\n"},
    {"a character cut off at the end", "a: \342\202", 0,
     "1:4 [\342] byte 0xE2 is not UTF-8; save the file as UTF-8\n"},
    {"a control character", "a: b\007\n", 0,
     "1:5 [\007] the control character U+0007 cannot stand in YAML\n"},
    {"a byte order mark in the middle", "a: \357\273\277b\n", 0,
     "1:4 [\357\273\277] the control character U+FEFF cannot stand in YAML\n"},
    {"UTF-16", "\377\376a\000", 4, "the file is UTF-16; save it as UTF-8\n"},
    {"a place behind letters of several bytes", "größe: [ä, é\n", 0,
     "1:10 [[] this list is never closed, or a ',' is missing in it\n"},
    {"a place behind a byte order mark", "\357\273\277a: @\n", 0,
     "1:4 [@] a value cannot begin with '@'; put it in quotes\n"},
    {"lines end in CRLF",
     "a: 1\r\n"
     "b: @\r\n",
     0, "2:4 [@] a value cannot begin with '@'; put it in quotes\n"},
    {"an unknown version of YAML",
     "%YAML 3.0\n"
     "---\n"
     "a: 1\n",
     0, "1:1 [%] not valid YAML: found incompatible YAML document\n"},
    {"a bracket too many",
     "a: 1]\n"
     "]\n",
     0, "2:1 []] this bracket closes nothing\n"},
};

static void test_refusal(void **state)
{
    const struct refusal *row = *state;
    struct mlg_arena arena;
    struct mlg_diagnostics list;
    struct mlg_builder told;

    mlg_arena_init(&arena, 0);
    mlg_diagnostics_init(&list, &arena);
    mlg_builder_init(&told, 0);
    mlg_yaml_parse("mlgate.yaml", row->text, row->size ? row->size : strlen(row->text), &arena, &list);
    mlg_diagnostics_sort(&list);
    put_told(&list, &told);
    assert_string_equal(told.data, row->told);
    mlg_builder_free(&told);
    mlg_arena_free(&arena);
}

/* ---- what is read ---------------------------------------------------------------------------- */

/* A tree on one line: 'quoted', plain, ~, [list], {map}, each scalar with @line:column. */
static void put_node(const struct mlg_node *node, struct mlg_builder *out)
{
    bool map = node->type == MLG_NODE_MAP;
    switch (node->type) {
    case MLG_NODE_NULL:
        mlg_put(out, "~");
        return;
    case MLG_NODE_SCALAR:
        assert_int_equal(strlen(node->text), node->size);
        mlg_put_format(out, node->quoted ? "'%s'@%lu:%u" : "%s@%lu:%u", node->text, node->origin.place.line,
                       node->origin.place.column);
        return;
    default:
        mlg_put(out, map ? "{" : "[");
        for (size_t i = 0; i < node->count; i++) {
            mlg_put(out, i ? ", " : "");
            if (map)
                put_node(node->entries[i].key, out);
            mlg_put(out, map ? ": " : "");
            put_node(node->entries[i].value, out);
        }
        mlg_put(out, map ? "}" : "]");
    }
}

static const struct reading {
    const char *name, *text, *tree;
} readings[] = {
    {"a map",
     "a: 1\n"
     "b: text\n",
     "{a@1:1: 1@1:4, b@2:1: text@2:4}"},
    {"numbers and booleans stay text", "[1, 1.0, 0x1, yes, true, 2027-01-31, 1_000, .inf]\n",
     "[1@1:2, 1.0@1:5, 0x1@1:10, yes@1:15, true@1:20, 2027-01-31@1:26, 1_000@1:38, .inf@1:45]"},
    {"nothing is null",
     "a:\n"
     "b: ~\n"
     "c: null\n"
     "d: ''\n"
     "e: \"null\"\n",
     "{a@1:1: ~, b@2:1: ~, c@3:1: ~, d@4:1: ''@4:4, e@5:1: 'null'@5:4}"},
    {"quotes are remembered", "[a, 'b', \"c\", 'it''s', \"\\u00e9\"]\n",
     "[a@1:2, 'b'@1:5, 'c'@1:10, 'it's'@1:15, 'é'@1:24]"},
    {"blocks of text",
     "a: |\n"
     "  x\n"
     "  y\n"
     "b: >-\n"
     "  x\n"
     "  y\n",
     "{a@1:1: 'x\n"
     "y\n"
     "'@1:4, b@4:1: 'x y'@4:4}"},
    {"a flow map in a block list",
     "gates:\n"
     "  - {gate: accuracy, checks: [a >= 1]}\n",
     "{gates@1:1: [{gate@2:6: accuracy@2:12, checks@2:22: [a >= 1@2:31]}]}"},
    {"an alias is its anchor",
     "a: &x [1, 2]\n"
     "b: *x\n",
     "{a@1:1: [1@1:8, 2@1:11], b@2:1: [1@1:8, 2@1:11]}"},
    {"an alias of a text",
     "a: &x text\n"
     "b: [*x, *x]\n",
     "{a@1:1: text@1:7, b@2:1: [text@1:7, text@1:7]}"},
    {"an anchor may be named again", "[&a 1, *a, &a 2, *a]\n", "[1@1:5, 1@1:5, 2@1:15, 2@1:15]"},
    {"an anchor is not part of the place",
     "a: &anchor   value\n"
     "b: &m\n"
     "  c: d\n",
     "{a@1:1: value@1:14, b@2:1: {c@3:3: d@3:6}}"},
    {"columns count bytes", "{größe: ä, b: c}\n", "{größe@1:2: ä@1:11, b@1:15: c@1:18}"},
    {"a byte order mark is no column", "\357\273\277a: 1\n", "{a@1:1: 1@1:4}"},
    {"lines end in CRLF",
     "a: 1\r\n"
     "b: 'x'\r\n",
     "{a@1:1: 1@1:4, b@2:1: 'x'@2:4}"},
    {"a key in quotes",
     "\"a b\": 1\n"
     "'<<': 2\n",
     "{'a b'@1:1: 1@1:8, '<<'@2:1: 2@2:7}"},
    {"empty collections",
     "a: []\n"
     "b: {}\n",
     "{a@1:1: [], b@2:1: {}}"},
    {"keys that differ in case are two",
     "a: 1\n"
     "A: 2\n",
     "{a@1:1: 1@1:4, A@2:1: 2@2:4}"},
    {"several lines of plain text",
     "a: b\n"
     "  c\n",
     "{a@1:1: b c@1:4}"},
    {"a document with its marks",
     "--- # begins\n"
     "a: 1\n"
     "...\n",
     "{a@2:1: 1@2:4}"},
    {"a value may hold what begins other things",
     "a: b#c\n"
     "d: x*y & z\n",
     "{a@1:1: b#c@1:4, d@2:1: x*y & z@2:4}"},
};

static void test_reading(void **state)
{
    const struct reading *row = *state;
    struct mlg_arena arena;
    struct mlg_diagnostics list;
    struct mlg_builder tree;
    const struct mlg_node *root;

    mlg_arena_init(&arena, 0);
    mlg_diagnostics_init(&list, &arena);
    mlg_builder_init(&tree, 0);
    root = mlg_yaml_parse("mlgate.yaml", row->text, strlen(row->text), &arena, &list);
    if (list.count > 0)
        fail_msg("%s", list.items[0].text);
    assert_non_null(root);
    put_node(root, &tree);
    assert_string_equal(tree.data, row->tree);
    mlg_builder_free(&tree);
    mlg_arena_free(&arena);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static const char *first_told(const char *text, size_t size, struct mlg_arena *arena, size_t *count)
{
    struct mlg_diagnostics list;
    mlg_diagnostics_init(&list, arena);
    assert_null(mlg_yaml_parse("mlgate.yaml", text, size, arena, &list));
    *count = list.count;
    return list.count ? list.items[0].text : "";
}

static void test_size(void **state)
{
    size_t size = (size_t)MLG_YAML_SIZE + 1, count;
    char *text = calloc(1, size);
    struct mlg_arena arena;

    (void)state;
    assert_non_null(text);
    mlg_arena_init(&arena, 0);
    memset(text, '#', size);
    assert_string_equal(first_told(text, size, &arena, &count),
                        "the file has 1048577 bytes; at most 1048576 are read");
    assert_int_equal(count, 1);
    assert_true(arena.used < 100000);
    free(text);
    mlg_arena_free(&arena);
}

static void test_depth(void **state)
{
    char text[4 * MLG_YAML_DEPTH];
    struct mlg_arena arena;
    struct mlg_diagnostics list;
    size_t count;

    (void)state;
    mlg_arena_init(&arena, 0);
    mlg_diagnostics_init(&list, &arena);
    memset(text, '[', MLG_YAML_DEPTH);
    memset(text + MLG_YAML_DEPTH, ']', MLG_YAML_DEPTH);
    assert_non_null(mlg_yaml_parse("mlgate.yaml", text, (size_t)2 * MLG_YAML_DEPTH, &arena, &list));
    memset(text, '[', MLG_YAML_DEPTH + 1);
    memset(text + MLG_YAML_DEPTH + 1, ']', MLG_YAML_DEPTH + 1);
    assert_string_equal(first_told(text, (size_t)2 * MLG_YAML_DEPTH + 2, &arena, &count),
                        "more than 32 levels of lists and maps");
    assert_int_equal(count, 1);
    mlg_arena_free(&arena);
}

/* Ten to the ninth values in half a kilobyte: one sentence, and hardly any memory. */
static void test_alias_bomb(void **state)
{
    char text[1024] = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
    size_t size = strlen(text), count;
    struct mlg_arena arena;

    (void)state;
    for (char c = 'b'; c < 'j'; c++) {
        size += (size_t)snprintf(text + size, sizeof text - size, "%c: &%c [", c, c);
        for (int i = 0; i < 10; i++)
            size += (size_t)snprintf(text + size, sizeof text - size, "%s*%c", i ? ", " : "", c - 1);
        size += (size_t)snprintf(text + size, sizeof text - size, "]\n");
    }
    mlg_arena_init(&arena, 0);
    assert_string_equal(first_told(text, size, &arena, &count),
                        "more than 100000 values, aliases written out; a suite has fewer");
    assert_int_equal(count, 1);
    assert_true(arena.used < 200000);
    mlg_arena_free(&arena);
}

static const char *salvaged(const char *text, const char *outer, const char *inner, struct mlg_arena *arena)
{
    const struct mlg_node *root = mlg_yaml_salvage("mlgate.yaml", text, strlen(text), arena);
    const struct mlg_node *node = root ? mlg_node_get(mlg_node_get(root, outer), inner) : NULL;
    return node && node->type == MLG_NODE_SCALAR ? node->text : NULL;
}

static void test_salvage(void **state)
{
    static const struct {
        const char *text, *value; /* of a: {b: ...} */
    } rows[] = {
        {"a: {b: c}\n", "c"},
        {"a: {b: c}\nd: [}\n", "c"},
        {"a: {b: c, d: [\n", "c"},
        {"a:\n  b: c\n e: x\n", "c"},
        {"a: {b: c}\n---\nd: e\n", "c"},
        {"a: {b: c}\nd: *e\n", "c"},
        {"d: [}\na: {b: c}\n", NULL},
        {"[{{", NULL},
        {"", NULL},
        {"\x01", NULL},
        {"a: {b", NULL},
        {"? {a: {b: c}\n: ]", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mlg_arena arena;
        mlg_arena_init(&arena, 0);
        const char *value = salvaged(rows[i].text, "a", "b", &arena);
        if (!rows[i].value && value)
            fail_msg("of '%s' came '%s'", rows[i].text, value);
        if (rows[i].value && !value)
            fail_msg("of '%s' came nothing", rows[i].text);
        if (value)
            assert_string_equal(value, rows[i].value);
        mlg_arena_free(&arena);
    }
}

/* Wherever memory ends, it ends in a sentence. */
static void test_memory(void **state)
{
    static const char text[] = "version: 1\ndata: {a: &a [b, 'c', \"d\\n\"], e: *a}\ngates:\n  - x\n";
    bool read = false;

    (void)state;
    for (size_t maximum = 100; !read && maximum < 400000; maximum += maximum / 8) {
        struct mlg_arena list_arena, arena;
        struct mlg_diagnostics list;
        mlg_arena_init(&list_arena, 0);
        mlg_arena_init(&arena, maximum);
        mlg_diagnostics_init(&list, &list_arena);
        read = mlg_yaml_parse("mlgate.yaml", text, strlen(text), &arena, &list) != NULL;
        assert_int_equal(list.errors, read ? 0 : 1);
        if (!read)
            assert_string_equal(list.items[0].text, "no memory left to read the configuration");
        mlg_arena_free(&arena);
        mlg_arena_free(&list_arena);
    }
    assert_true(read);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(refusals) + COUNT(readings) + 5] = {
        {.name = "a file has a largest size", .test_func = test_size},
        {.name = "nesting has a largest depth", .test_func = test_depth},
        {.name = "an alias bomb is one sentence", .test_func = test_alias_bomb},
        {.name = "no memory is one sentence", .test_func = test_memory},
        {.name = "what stands before a mistake can be had", .test_func = test_salvage},
    };
    size_t count = 5;

    NAMED_ROWS(tests, count, readings, test_reading);
    NAMED_ROWS(tests, count, refusals, test_refusal);
    return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
