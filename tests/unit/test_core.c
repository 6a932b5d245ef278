/* Arena, errors, diagnostics, escapers, nearest words, parallel work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "mlgate/arena.h"
#include "mlgate/error.h"
#include "mlgate/node.h"
#include "mlgate/parallel.h"
#include "mlgate/text.h"
#include "named_rows.h"

/* ---- escapers ------------------------------------------------------------------------------------ */

struct escape {
    const char *sentence;
    void (*put)(struct mlg_builder *, const char *);
    const char *text, *expected;
};

#define FFFD "\xef\xbf\xbd"

static const struct escape escapes[] = {
    {"JSON keeps plain text", mlg_put_json, "roc_auc é", "\"roc_auc é\""},
    {"JSON escapes quotes and backslashes", mlg_put_json, "a\"b\\c", "\"a\\\"b\\\\c\""},
    {"JSON escapes control characters", mlg_put_json, "\x01\n\t\r\x7f", "\"\\u0001\\n\\t\\r\\u007f\""},
    {"JSON shows a byte that is not UTF-8", mlg_put_json, "a\xff\x62", "\"a\\\\xffb\""},
    {"JSON shows a truncated character", mlg_put_json, "\xe2\x82", "\"\\\\xe2\\\\x82\""},
    {"JSON shows an overlong slash", mlg_put_json, "\xc0\xaf", "\"\\\\xc0\\\\xaf\""},
    {"JSON shows a surrogate", mlg_put_json, "\xed\xa0\x80", "\"\\\\xed\\\\xa0\\\\x80\""},
    {"JSON shows what lies beyond the last code point", mlg_put_json, "\xf4\x90\x80\x80",
     "\"\\\\xf4\\\\x90\\\\x80\\\\x80\""},
    {"JSON keeps a character of four bytes", mlg_put_json, "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
    {"JSON escapes what turns the direction of writing", mlg_put_json, "a\xe2\x80\xae", "\"a\\u202e\""},
    {"XML escapes its marks", mlg_put_xml, "<a b=\"c\">'&'", "&lt;a b=&quot;c&quot;&gt;&apos;&amp;&apos;"},
    {"XML cannot be closed by data", mlg_put_xml, "]]></failure>", "]]&gt;&lt;/failure&gt;"},
    {"XML keeps line ends as references", mlg_put_xml, "a\r\n\tb", "a&#13;&#10;&#9;b"},
    {"XML shows forbidden control characters", mlg_put_xml, "a\x01\x1b[31m", "a\\x01\\x1b[31m"},
    {"XML shows what turns the direction of writing", mlg_put_xml,
     "a\xe2\x80\xae"
     "b\xd8\x9c",
     "a\\u202eb\\u061c"},
    {"XML shows U+FFFE", mlg_put_xml, "\xef\xbf\xbe", "\\xef\\xbf\\xbe"},
    {"XML shows C1 control characters", mlg_put_xml, "\xc2\x85", "\\xc2\\x85"},
    {"XML tells two bytes apart that are not UTF-8", mlg_put_xml, "a\xff\xfe", "a\\xff\\xfe"},
    {"what XML would show is shown without its marks", mlg_put_visible, "a<\xff\x01\n\xe2\x80\xae",
     "a<\\xff\\x01\n\\u202e"},
    {"Markdown stays in its table cell", mlg_put_markdown, "a|b\nc", "a\\|b c"},
    {"Markdown shows tags instead of being them", mlg_put_markdown, "<img src=x>", "&lt;img src=x&gt;"},
    {"Markdown links are text", mlg_put_markdown, "[x](http://y)!", "\\[x\\](http:<!-- -->//y)\\!"},
    {"Markdown keeps an underscore within a word", mlg_put_markdown, "roc_auc", "roc_auc"},
    {"Markdown escapes an underscore at a word's edge", mlg_put_markdown, "_a_ b", "\\_a\\_ b"},
    {"Markdown escapes stars of crosses", mlg_put_markdown, "sex*race", "sex\\*race"},
    {"Markdown calls nobody", mlg_put_markdown, "@root", "@<!-- -->root"},
    {"Markdown links no address by itself", mlg_put_markdown, "www.x.y", "www.<!-- -->x.y"},
    {"Markdown refers to no issue, request, label or epic", mlg_put_markdown, "a/b#12 !3 ~bug %1 &4 95 %",
     "a/b\\#<!-- -->12 \\!<!-- -->3 \\~<!-- -->bug %<!-- -->1 &amp;<!-- -->4 95 %"},
    {"Markdown starts no list", mlg_put_markdown, "- a", "\\- a"},
    {"YAML writes a word plain", mlg_put_yaml, "sex*race", "sex*race"},
    {"YAML writes a check plain", mlg_put_yaml, "roc_auc >= 0.85", "roc_auc >= 0.85"},
    {"YAML quotes what would be a number", mlg_put_yaml, "1", "\"1\""},
    {"YAML quotes what would be a boolean", mlg_put_yaml, "No", "\"No\""},
    {"YAML quotes null", mlg_put_yaml, "null", "\"null\""},
    {"YAML quotes the empty text", mlg_put_yaml, "", "\"\""},
    {"YAML quotes what flow style would cut", mlg_put_yaml, "a, b: {c}", "\"a, b: {c}\""},
    {"YAML quotes an outer space", mlg_put_yaml, "a ", "\"a \""},
    {"YAML escapes quotes, line ends and control characters", mlg_put_yaml, "\"\n\\\x1b",
     "\"\\\"\\n\\\\\\x1b\""},
    {"plain text of one line stays as it is", mlg_put_plain, "age < 25 é", "age < 25 é"},
    {"plain text shows an escape sequence", mlg_put_plain, "\x1b[31mred", "\\x1b[31mred"},
    {"plain text shows a line end", mlg_put_plain, "a\nb", "a\\x0ab"},
    {"plain text shows a carriage return", mlg_put_plain, "a\rb", "a\\x0db"},
    {"plain text shows the one-byte form of CSI", mlg_put_plain, "\xc2\x9b", "\\xc2\\x9b"},
    {"plain text shows a byte that is not UTF-8", mlg_put_plain, "\xff", "\\xff"},
    {"plain text is no GitHub command", mlg_put_plain, "::error::x", "\\x3a:error::x"},
    {"plain text is no GitHub command behind spaces", mlg_put_plain, "  ::error::x", "  \\x3a:error::x"},
    {"plain text is no old runner command", mlg_put_plain, "##[error]x", "#\\x23[error]x"},
    {"plain text is no Azure command", mlg_put_plain, "a ##vso[task]", "a #\\x23vso[task]"},
    {"plain text keeps colons within", mlg_put_plain, "a::b", "a::b"},
    {"a shell reads a plain word as it stands", mlg_put_shell, "--data=a/b.csv", "--data=a/b.csv"},
    {"a shell's word with marks is quoted", mlg_put_shell, "f1 >= $HOME `x`", "'f1 >= $HOME `x`'"},
    {"a shell's word may hold the quote", mlg_put_shell, "it's", "'it'\\''s'"},
    {"the empty word of a shell is there", mlg_put_shell, "", "''"},
    {"plain text shows what turns the direction of writing", mlg_put_plain, "\xe2\x80\xae", "\\u202e"},
};

static void test_escape(void **state)
{
    const struct escape *row = *state;
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    row->put(&out, row->text);
    assert_string_equal(out.data, row->expected);
    assert_int_equal(out.size, strlen(row->expected));
    assert_false(out.failed);
    mlg_builder_free(&out);
}

static void test_commands_in_two_pieces(void **state)
{
    (void)state;
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    mlg_put_plain(&out, ":");
    mlg_put_plain(&out, ":error::x ");
    mlg_put_plain(&out, "#");
    mlg_put_plain(&out, "#[error]");
    assert_string_equal(out.data, ":\\x3aerror::x #\\x23[error]");
    mlg_builder_free(&out);
}

/* Any two bytes, in every language: valid UTF-8, no control character, no raw mark of the language. */
static void test_all_pairs_of_bytes(void **state)
{
    (void)state;
    struct mlg_builder out, again;
    mlg_builder_init(&out, 0);
    mlg_builder_init(&again, 0);
    for (unsigned pair = 0x101; pair < 0x10000; pair++) {
        char text[3] = {(char)(pair >> 8), (char)(pair & 0xff), 0};
        if (!text[0] || !text[1])
            continue;
        void (*const put[])(struct mlg_builder *, const char *) = {
            mlg_put_json, mlg_put_xml, mlg_put_markdown, mlg_put_yaml, mlg_put_plain};
        for (size_t i = 0; i < COUNT(put); i++) {
            mlg_builder_free(&out);
            put[i](&out, text);
            for (size_t j = 0; j < out.size; j++)
                if ((unsigned char)out.data[j] < 0x20)
                    fail_msg("language %zu lets a control character of %04x through", i, pair);
            if (i == 1 && strpbrk(out.data, "<>\"'"))
                fail_msg("XML lets a mark of %04x through", pair);
            /* In a second round nothing is left to be shown or replaced. */
            mlg_builder_free(&again);
            mlg_put_visible(&again, out.data);
            bool is_same = again.size == out.size && memcmp(again.data, out.data, out.size) == 0;
            if (!is_same)
                fail_msg("language %zu writes %04x as something that is not UTF-8", i, pair);
        }
    }
    mlg_builder_free(&out);
    mlg_builder_free(&again);
}

/* ---- the builder --------------------------------------------------------------------------------- */

static void test_lid(void **state)
{
    (void)state;
    struct mlg_builder out;
    mlg_builder_init(&out, 10);
    assert_string_equal(out.data, "");
    mlg_put(&out, "12345");
    mlg_put(&out, "67890");
    assert_false(out.failed);
    mlg_put(&out, "x");
    assert_true(out.failed);
    mlg_put_format(&out, "%s", "");
    assert_string_equal(out.data, "1234567890");
    mlg_builder_free(&out);
    assert_string_equal(out.data, "");
}

static void test_counts(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        const char *text;
    } rows[] = {{0, "0"},
                {7, "7"},
                {999, "999"},
                {1000, "1,000"},
                {5226, "5,226"},
                {1234567, "1,234,567"},
                {UINT64_MAX, "18,446,744,073,709,551,615"}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct mlg_builder out;
        mlg_builder_init(&out, 0);
        mlg_put_count(&out, rows[i].value);
        assert_string_equal(out.data, rows[i].text);
        mlg_builder_free(&out);
    }
}

static void test_width(void **state)
{
    (void)state;
    assert_int_equal(mlg_text_width(""), 0);
    assert_int_equal(mlg_text_width("abc"), 3);
    assert_int_equal(mlg_text_width("é…\xf0\x9f\x98\x80"), 3);
}

static void test_blank(void **state)
{
    (void)state;
    assert_true(mlg_text_is_blank(""));
    assert_true(mlg_text_is_blank(" \t\r\n\v\f"));
    assert_false(mlg_text_is_blank(" why "));
}

/* ---- nearest words ------------------------------------------------------------------------------- */

struct near {
    const char *sentence, *word, *expected;
};

static const char *const words[] = {"label", "score", "roc_auc", "accuracy", "balanced_accuracy", "checks"};

static const struct near nears[] = {
    {"a swap of two letters is near", "lable", "label"},
    {"a swap within a longer word is near", "chekcs", "checks"},
    {"a missing letter is near", "acuracy", "accuracy"},
    {"a letter too many is near", "scores", "score"},
    {"upper case is near", "LABEL", "label"},
    {"a dash for an underscore is near", "roc-auc", "roc_auc"},
    {"a word that shares little is not near", "precision", NULL},
    {"a short word that shares little is not near", "abc", NULL},
    {"nothing is near to nothing", "", NULL},
    {"a very long word is near to nothing",
     "label_label_label_label_label_label_label_label_label_label_label_label", NULL},
};

static void test_near(void **state)
{
    const struct near *row = *state;
    const char *found = mlg_nearest(row->word, words, COUNT(words));
    if (row->expected) {
        assert_non_null(found);
        assert_string_equal(found, row->expected);
    } else {
        assert_null(found);
    }
}

static void test_near_ties(void **state)
{
    (void)state;
    const char *const candidates[] = {"aucb", "auca"};
    assert_string_equal(mlg_nearest("aucc", candidates, 2), "aucb");
}

/* ---- arena --------------------------------------------------------------------------------------- */

static void test_arena_limit(void **state)
{
    (void)state;
    struct mlg_arena arena;
    mlg_arena_init(&arena, 1000);
    assert_non_null(mlg_arena_alloc(&arena, 1, 500));
    assert_null(mlg_arena_alloc(&arena, 1, 600));
    assert_non_null(mlg_arena_alloc(&arena, 1, 400)); /* a refusal takes nothing away */
    assert_null(mlg_arena_alloc(&arena, 100, 1));
    assert_null(mlg_arena_copy(&arena,
                               "0123456789012345678901234567890123456789012345678901234567890123456789"
                               "0123456789012345678901234567890123456789",
                               110));
    mlg_arena_free(&arena);
    assert_int_equal(arena.used, 0);
    assert_non_null(mlg_arena_alloc(&arena, 1, 1000 - 64));
    mlg_arena_free(&arena);
}

static void test_arena_overflow(void **state)
{
    (void)state;
    struct mlg_arena arena;
    mlg_arena_init(&arena, 0);
    assert_null(mlg_arena_alloc(&arena, SIZE_MAX / 2, 3));
    assert_null(mlg_arena_alloc(&arena, SIZE_MAX, 1));
    assert_null(mlg_arena_copy(&arena, "", SIZE_MAX));
    mlg_arena_free(&arena);
}

static void test_arena_memory(void **state)
{
    (void)state;
    struct mlg_arena arena;
    mlg_arena_init(&arena, 0);
    unsigned char *items[2000];
    for (size_t i = 0; i < COUNT(items); i++) {
        size_t size = i % 97 == 0 ? 700000 : i % 300;
        items[i] = mlg_arena_alloc(&arena, size, 1);
        assert_non_null(items[i]);
        assert_int_equal((uintptr_t)items[i] % _Alignof(max_align_t), 0);
        for (size_t j = 0; j < size; j++)
            if (items[i][j])
                fail_msg("byte %zu of item %zu is not zero", j, i);
        memset(items[i], (int)(i & 0xff), size);
    }
    for (size_t i = 0; i < COUNT(items); i++)
        if (i % 300 && items[i][0] != (i & 0xff))
            fail_msg("item %zu was written over", i);
    assert_string_equal(mlg_arena_format(&arena, "%d and %s", 7, "text"), "7 and text");
    assert_string_equal(mlg_arena_copy(&arena, "a longer text", 8), "a longer");
    mlg_arena_free(&arena);
}

static void test_arena_adopt(void **state)
{
    (void)state;
    struct mlg_arena arena, other;
    mlg_arena_init(&arena, 0);
    mlg_arena_init(&other, 0);
    mlg_arena_adopt(&arena, &other); /* nothing to nothing */
    assert_null(arena.blocks);
    const char *a = mlg_arena_copy(&arena, "a", 1), *b = mlg_arena_copy(&other, "b", 1);
    const size_t used = arena.used + other.used;
    mlg_arena_adopt(&arena, &other);
    assert_int_equal(arena.used, used);
    assert_int_equal(other.used, 0);
    mlg_arena_free(&other); /* it has nothing to give back */
    const char *c = mlg_arena_copy(&other, "c", 1), *d = mlg_arena_copy(&arena, "d", 1);
    mlg_arena_adopt(&arena, &other);
    assert_string_equal(a, "a");
    assert_string_equal(b, "b");
    assert_string_equal(c, "c");
    assert_string_equal(d, "d");
    mlg_arena_free(&arena);
}

static void test_arena_grow(void **state)
{
    (void)state;
    struct mlg_arena arena;
    mlg_arena_init(&arena, 64 * 1024);
    int *items = NULL;
    size_t capacity = 0, count = 0;
    for (;; count++) {
        int *grown = mlg_arena_grow(&arena, items, &capacity, count + 1, sizeof *items);
        if (!grown)
            break;
        items = grown;
        items[count] = (int)count;
    }
    assert_true(count > 4000);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(items[i], i);
    mlg_arena_free(&arena);
}

/* ---- errors and diagnostics ---------------------------------------------------------------------- */

struct sentence {
    const char *sentence, *argument, *expected;
};

static const struct sentence sentences[] = {
    {"an error keeps UTF-8", "spalte_é", "column 'spalte_é' not found"},
    {"an error shows control characters", "a\x1b[0m\n", "column 'a\\x1b[0m\\x0a' not found"},
    {"an error shows bytes that are not UTF-8", "a\xff\xc3", "column 'a\\xff\\xc3' not found"},
    {"an error shows overlong forms", "\xe0\x80\x80", "column '\\xe0\\x80\\x80' not found"},
    {"an error shows surrogates", "\xed\xa0\x80", "column '\\xed\\xa0\\x80' not found"},
    {"an error shows C1 control characters", "\xc2\x9b", "column '\\xc2\\x9b' not found"},
};

static void test_sentence(void **state)
{
    const struct sentence *row = *state;
    struct mlg_error error;
    assert_int_equal(mlg_error_set(&error, MLG_DATA, "column '%s' not found", row->argument), MLG_DATA);
    assert_string_equal(error.text, row->expected);
    assert_int_equal(error.code, MLG_DATA);
    assert_null(error.place.file);
}

static void test_long_sentence(void **state)
{
    (void)state;
    for (size_t size = MLG_ERROR_SIZE - 40; size < MLG_ERROR_SIZE * 6; size += size < 1100 ? 1 : 97) {
        char *text = malloc(2 * size + 1);
        assert_non_null(text);
        for (size_t i = 0; i < size; i++)
            memcpy(text + 2 * i, "é", 2);
        text[2 * size] = '\0';
        struct mlg_error error;
        mlg_error_at(&error, MLG_LIMIT, (struct mlg_place){"a.csv", 3, 4}, "x%s", text);
        size_t length = strlen(error.text);
        assert_in_range(length, MLG_ERROR_SIZE - 8, MLG_ERROR_SIZE - 1);
        assert_string_equal(error.text + length - 3, "…");
        assert_int_equal((length - 4) % 2, 0); /* no half character in front of it */
        assert_int_equal(error.place.line, 3);
        free(text);
    }
}

static void test_no_error(void **state)
{
    (void)state;
    assert_int_equal(mlg_error_set(NULL, MLG_WORLD, "%s", "nobody wants to know"), MLG_WORLD);
}

static void test_diagnostics(void **state)
{
    (void)state;
    struct mlg_arena arena;
    mlg_arena_init(&arena, 0);
    struct mlg_diagnostics list;
    mlg_diagnostics_init(&list, &arena);
    for (unsigned i = 0; i < MLG_DIAGNOSTICS_LIMIT + 20; i++)
        mlg_diagnose(&list, i % 2 ? MLG_WARNING : MLG_ERROR,
                     (struct mlg_place){"mlgate.yaml", 100 - i % 10, 1 + i % 3}, 1, NULL, "number %u", i);
    assert_int_equal(list.count, MLG_DIAGNOSTICS_LIMIT);
    assert_int_equal(list.omitted, 20);
    assert_int_equal(list.errors, (MLG_DIAGNOSTICS_LIMIT + 20) / 2);
    mlg_diagnostics_sort(&list);
    for (size_t i = 1; i < list.count; i++) {
        const struct mlg_diagnostic *a = &list.items[i - 1], *b = &list.items[i];
        assert_true(a->place.line < b->place.line ||
                    (a->place.line == b->place.line && a->place.column <= b->place.column));
        if (a->place.line == b->place.line && a->place.column == b->place.column)
            assert_true(atoi(a->text + 7) < atoi(b->text + 7)); /* stable */
    }
    mlg_arena_free(&arena);
}

static void test_node_origins(void **state)
{
    (void)state;
    struct mlg_arena arena;
    mlg_arena_init(&arena, 0);
    struct mlg_diagnostics list;
    mlg_diagnostics_init(&list, &arena);
    struct mlg_node node = {.type = MLG_NODE_SCALAR,
                            .text = "x",
                            .size = 1,
                            .origin = {.type = MLG_FROM_FLAG, .name = "--confidence"}};
    mlg_node_diagnose(&list, MLG_ERROR, &node, "'%s' is not a number", "x");
    assert_string_equal(list.items[0].text, "--confidence: 'x' is not a number");
    assert_string_equal(mlg_origin_describe(&node.origin, &arena), "--confidence");
    node.origin = (struct mlg_origin){.type = MLG_FROM_CONFIG, .place = {"mlgate.yaml", 5, 3}};
    assert_string_equal(mlg_origin_describe(&node.origin, &arena), "mlgate.yaml:5");
    node.origin = (struct mlg_origin){0};
    assert_string_equal(mlg_origin_describe(&node.origin, &arena), "built-in");
    mlg_arena_free(&arena);
}

/* ---- parallel ------------------------------------------------------------------------------------ */

static void square(void *context, size_t index)
{
    size_t *slots = context;
    slots[index] += index * index + 1;
}

static void test_parallel(void **state)
{
    (void)state;
    static const unsigned threads[] = {0, 1, 2, 7, 1000};
    static const size_t counts[] = {0, 1, 2, 1000};
    for (size_t t = 0; t < COUNT(threads); t++)
        for (size_t c = 0; c < COUNT(counts); c++) {
            size_t slots[1001] = {0};
            mlg_parallel(threads[t], counts[c], square, slots);
            for (size_t i = 0; i < 1001; i++)
                assert_int_equal(slots[i], i < counts[c] ? i * i + 1 : 0);
        }
}

int main(void)
{
    struct CMUnitTest tests[COUNT(escapes) + COUNT(nears) + COUNT(sentences) + 20];
    size_t count = 0;
    memset(tests, 0, sizeof tests);
    NAMED_ROWS(tests, count, escapes, test_escape);
    NAMED_ROWS(tests, count, nears, test_near);
    NAMED_ROWS(tests, count, sentences, test_sentence);
    static const struct {
        const char *sentence;
        CMUnitTestFunction test;
    } others[] = {
        {"a runner command in two pieces is none", test_commands_in_two_pieces},
        {"any two bytes are safe in every language", test_all_pairs_of_bytes},
        {"a builder stops at its lid and stays stopped", test_lid},
        {"counts have commas between thousands", test_counts},
        {"width counts code points", test_width},
        {"a text of blanks alone is blank", test_blank},
        {"of two words equally near the first is taken", test_near_ties},
        {"an arena refuses what is beyond its maximum", test_arena_limit},
        {"an arena refuses sizes beyond the address space", test_arena_overflow},
        {"arena memory is zeroed, aligned and not shared", test_arena_memory},
        {"what one arena handed out can be left to another", test_arena_adopt},
        {"an arena's array grows until the maximum and keeps its content", test_arena_grow},
        {"a long sentence is cut at a character", test_long_sentence},
        {"nobody has to listen to an error", test_no_error},
        {"diagnostics are sorted, limited and counted", test_diagnostics},
        {"a node knows where it came from", test_node_origins},
        {"every index is worked on once, whatever the threads", test_parallel},
    };
    for (size_t i = 0; i < COUNT(others); i++)
        tests[count++] = (struct CMUnitTest){others[i].sentence, others[i].test, NULL, NULL, NULL};
    return cmocka_run_group_tests_name("core", tests, NULL, NULL);
}
