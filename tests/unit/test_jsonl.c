/* JSON lines: every row below is read with 1 to 4 threads, in blocks of 1, 7, 64 and 4096 bytes, held in
 * memory, read twice, and from a stream; rows and errors are the same each time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "named_rows.h"
#include "reader_rows.h"

#define OBJECTS "JSON lines are objects, one to a line, such as {\"label\": 1, \"score\": 0.5}"
#define WHOLE "JSON lines are whole objects, one to a line, as jq -c . writes them"
#define ARRAY                                                                                                \
    "an array stands here; JSON lines are objects, one to a line, as jq -c '.[]' writes those of an array"
#define ACCEPTED "a number, a text, true, false or null is accepted"

static const struct reader_row rows[] = {
    /* ---- what is read ---- */
    {"columns are read by key, in the order asked, whatever the order of a line",
     "{\"a\": 1, \"b\": \"x\"}\n{\"b\": \"y\", \"a\": 2}\n",
     {CODE("b"), NUMBER("a")},
     .rows = "1: x|1\n2: y|2\n"},
    {"a key of a later line is a column, which the lines before lack",
     "{\"a\": 1}\n{\"a\": 2, \"b\": \"x\"}\n{}\n",
     {{.name = "a", .decode = MLG_DECODE_NUMBER, KEEP}, {.name = "b", .decode = MLG_DECODE_TEXT, KEEP}},
     .rows = "1: 1|(missing)\n2: 2|x\n3: nan|(missing)\n",
     .missing = {1, 2}},
    {"CRLF ends a line, the last one may lack its end, and blank lines are none",
     "\r\n{\"a\":1}\r\n \t\r\n\n{\"a\":2}",
     {NUMBER("a")},
     .rows = "2: 1\n5: 2\n"},
    {"a byte order mark is skipped", "\xef\xbb\xbf{\"a\": 1}\n", {NUMBER("a")}, .rows = "1: 1\n"},
    {"blanks stand between all that there is",
     " { \"a\" :\t1 , \"b\" : \"x\" } \n",
     {NUMBER("a"), CODE("b")},
     .rows = "1: 1|x\n"},
    {"true, false, numbers and texts are what is written",
     "{\"a\": true}\n{\"a\": false}\n{\"a\": 1.50}\n{\"a\": -0}\n{\"a\": 1E5}\n{\"a\": \"true\"}\n",
     {TEXT("a"), CODE("a")},
     .rows = "1: true|true\n2: false|false\n3: 1.50|1.50\n4: -0|-0\n5: 1E5|1E5\n6: true|true\n"},
    {"the number 1 and the text \"1\" are one class, and one number",
     "{\"a\": 1}\n{\"a\": \"1\"}\n",
     {CODE("a"), NUMBER("a")},
     .rows = "1: 1|1\n2: 1|1\n"},
    {"where texts are to stand in quotes they are not numbers, words or missing",
     "{\"a\": 1}\n{\"a\": \"1\"}\n{\"a\": \"\"}\n{\"a\": null}\n{\"a\": \"\\\"x\\\"\"}\n{\"a\": true}\n",
     {{.name = "a", .decode = MLG_DECODE_TEXT, KEEP, .in_quotes = true},
      {.name = "a", .decode = MLG_DECODE_TEXT, KEEP}},
     .rows =
         "1: 1|1\n2: \"1\"|1\n3: \"\"|(missing)\n4: (missing)|(missing)\n5: \"\"x\"\"|\"x\"\n6: true|true\n",
     .missing = {1, 2}},
    {"numbers are what strtod makes of them",
     "{\"a\": 0.1}\n{\"a\": 123456789012345678901234567890}\n{\"a\": 2.2250738585072011e-308}\n"
     "{\"a\": 9007199254740993}\n{\"a\": -0.0}\n",
     {NUMBER("a")},
     .rows = "1: 0.10000000000000001\n2: 1.2345678901234568e+29\n3: 2.2250738585072009e-308\n"
             "4: 9007199254740992\n5: -0\n"},
    {"escapes are undone, and pairs of surrogates are one character",
     "{\"a\": \"x\\n\\\"y\\\" \\\\ \\u00e9 \\ud83d\\ude00 \\/\"}\n{\"a\": \"z\"}\n",
     {CODE("a"), TEXT("a")},
     .rows = "1: x\n\"y\" \\ \xc3\xa9 \xf0\x9f\x98\x80 /|x\n\"y\" \\ \xc3\xa9 \xf0\x9f\x98\x80 /\n2: z|z\n"},
    {"texts that look like CSV are texts",
     "{\"a\": \"\\\"\", \"b\": \"x,y\\r\"}\n{\"a\": \"\\\"q\\\"\", \"b\": \"\\r\\n\"}\n{\"a\": \"'\", \"b\": "
     "\",\"}\n",
     {CODE("a"), TEXT("b"), TEXT("a"), CODE("b")},
     .rows = "1: \"|x,y\r|\"|x,y\r\n2: \"q\"|\r\n|\"q\"|\r\n\n3: '|,|'|,\n"},
    {"keys may have escapes, and are the same column",
     "{\"a b\": 1}\n{\"\\u0061\\u0020b\": 2}\n",
     {NUMBER("a b")},
     .rows = "1: 1\n2: 2\n"},
    {"a key with an escape is none that is written like it",
     "{\"a\\\\b\": 1, \"c\": 1}\n{\"a\\b\": 2, \"c\": 2}\n",
     {{.name = "a\\b", .decode = MLG_DECODE_NUMBER, KEEP}, NUMBER("c")},
     .rows = "1: 1|1\n2: nan|2\n",
     .missing = {1}},
    {"a name may be empty", "{\"\": 7}\n", {NUMBER("")}, .rows = "1: 7\n"},
    {"bytes that are not UTF-8 stay as they are",
     "{\"a\": \"\xff\xfe\"}\n",
     {CODE("a")},
     .rows = "1: \xff\xfe\n"},
    {"objects and arrays in columns that are not asked for do no harm",
     "{\"a\": 1, \"t\": [1, {\"a\": 5}], \"m\": {\"a\": {}}}\n{\"t\": [], \"a\": 2}\n",
     {NUMBER("a")},
     .rows = "1: 1\n2: 2\n"},
    {"the content tells what it is, whatever the name",
     "{\"a\": 1}\n",
     {NUMBER("a")},
     .rows = "1: 1\n",
     .path = "t.csv"},
    {"format jsonl is JSON lines",
     "\n{\"a\": 1}\n",
     {NUMBER("a")},
     .rows = "2: 1\n",
     .path = "t",
     .format = "jsonl"},
    {"an empty object is a row that lacks all",
     "{}\n{\"a\": 1}\n",
     {{.name = "a", .decode = MLG_DECODE_NUMBER, DROP}},
     .rows = "2: 1\n",
     .dropped = 1,
     .missing = {1}},

    /* ---- missing values ---- */
    {"a lacking key, null, an empty text, NaN and what CSV takes for missing are missing",
     "{\"a\": null, \"n\": 1}\n{\"n\": 2}\n{\"a\": \"\", \"n\": 3}\n{\"a\": NaN, \"n\": 4}\n{\"a\": \"NA\", "
     "\"n\": 5}\n"
     "{\"a\": \"x\", \"n\": 6}\n",
     {{.name = "a", .decode = MLG_DECODE_CODE, DROP},
      {.name = "a", .decode = MLG_DECODE_TEXT, KEEP},
      NUMBER("n")},
     .rows = "6: x|x|6\n",
     .dropped = 5,
     .missing = {5, 5}},
    {"a null is an error where nothing else is asked for",
     "{\"a\": 1}\n{\"a\": null}\n",
     {NUMBER("a")},
     .told = "t.jsonl:2: missing value in column 'a' (score)" MAY_DROP},
    {"a lacking key is an error with its line",
     "{\"a\": 1}\n\n{\"b\": 1}\n",
     {NUMBER("a")},
     .told = "t.jsonl:3: missing value in column 'a' (score)" MAY_DROP},
    {"NaN is a missing number",
     "{\"a\": NaN}\n",
     {NUMBER("a")},
     .told = "t.jsonl:1: missing value 'NaN' in column 'a' (score)" MAY_DROP},
    {"Infinity is no finite number",
     "{\"a\": -Infinity}\n",
     {NUMBER("a")},
     .told = "t.jsonl:1: value '-Infinity' in column 'a' (score) is not finite; finite numbers are accepted"},

    /* ---- what is refused ---- */
    {"a text that is no number is told with its line, whatever the texts hold",
     "{\"a\": 1, \"t\": \"\\n\\n\"}\n{\"t\": \"\\n\", \"a\": \"x\"}\n",
     {TEXT("t"), NUMBER("a")},
     .told = "t.jsonl:2: value 'x' in column 'a' (score)" NO_NUMBER},
    {"the first error of the file wins",
     "{\"a\": 1, \"b\": 1}\n{\"a\": 2, \"b\": []}\n{\"a\": \"x\", \"b\": 1}\n",
     {NUMBER("a"), NUMBER("b")},
     .told = "t.jsonl:2:15: column 'b' (score) holds an array here; " ACCEPTED},
    {"an object where a column is asked for",
     "{\"a\": 1}\n{\"a\": {\"b\": 1}}\n",
     {NUMBER("a")},
     .told = "t.jsonl:2:7: column 'a' (score) holds an object here; " ACCEPTED},
    {"an empty file",
     "",
     {NUMBER("a")},
     .told = "'t.jsonl' is empty; lines such as {\"label\": 1, \"score\": 0.5} are needed"},
    {"a file of blank lines",
     "\xef\xbb\xbf\n \n",
     {NUMBER("a")},
     .told = "'t.jsonl' is empty; lines such as {\"label\": 1, \"score\": 0.5} are needed"},
    {"lines without a key",
     "{}\n{}\n",
     {NUMBER("a")},
     .told = "no line of 't.jsonl' has a key, so that there are no columns"},
    {"a column that is not there",
     "{\"label\": 1}\n",
     {NUMBER("lable")},
     .told = "column 'lable' not found in 't.jsonl'; did you mean 'label'?"},
    {"a key that stands twice in a line",
     "{\"a\": 1}\n{\"a\": 1, \"\\u0061\": 2}\n",
     {NUMBER("a")},
     .told = "t.jsonl:2:10: key 'a' stands twice in this line"},
    {"a line that is a number",
     "{\"a\": 1}\n 2\n",
     {NUMBER("a")},
     .told = "t.jsonl:2:2: no object stands here; " OBJECTS},
    {"a line that is a text of CSV",
     "a,b\n1,2\n",
     {NUMBER("a")},
     .told = "t.jsonl:1:1: no object stands here; " OBJECTS},
    {"an array of objects, whatever the name",
     "[{\"a\": 1},\n {\"a\": 2}]\n",
     {NUMBER("a")},
     .told = "t.json:1:1: " ARRAY,
     .path = "t.json"},
    {"an array in a line", "{\"a\": 1}\n[1, 2]\n", {NUMBER("a")}, .told = "t.jsonl:2:1: " ARRAY},
    {"an object of several lines",
     "{\n  \"a\": 1\n}\n",
     {NUMBER("a")},
     .told = "t.json:1:2: no JSON: a key in quotes and a colon are needed; " WHOLE,
     .path = "t.json"},
    {"two objects in a line",
     "{\"a\": 1}{\"a\": 2}\n",
     {NUMBER("a")},
     .told = "t.jsonl:1:9: no JSON: something follows its end; " WHOLE},
    {"a line that is broken off",
     "{\"a\": 1}\n{\"a\": \"x",
     {NUMBER("a")},
     .told = "t.jsonl:2:9: no JSON: a text does not end; " WHOLE},
    {"a word that is none of JSON",
     "{\"a\": nope}\n",
     {NUMBER("a")},
     .told = "t.jsonl:1:7: no JSON: a value is missing or unknown; " WHOLE},
    {"a zero character in a column that is asked for",
     "{\"b\": \"\\u0000\", \"a\": 1}\n{\"a\": \"x\\u0000\"}\n",
     {CODE("a")},
     .told = "t.jsonl:2:7: the text in column 'a' holds the character \\u0000, which no cell can"},
    {"a zero character in a key",
     "{\"\\u0000\": 1}\n",
     {CODE("a")},
     .told = "t.jsonl:1:2: a key holds the character \\u0000, which no name of a column can"},
    {"a zero byte in a text",
     "{\"a\": \"\0\"}\n",
     {CODE("a")},
     .size = 12,
     .told = "t.jsonl:1:8: no JSON: a control character stands in a text; " WHOLE,
     .format = "jsonl"},
    {"a decimal comma",
     "{\"a\": 1}\n",
     {NUMBER("a")},
     .told = "'t.jsonl' holds JSON lines, whose numbers have a point; leave 'decimal' out",
     .decimal = ','},
};

static void reads_or_tells(void **state)
{
    reader_row_check(*state, "t.jsonl", true);
}

/* ---- files that misbehave ----------------------------------------------------------------------------- */

static const struct reader_misbehaviour misbehaviours[] = {
    {"an unreadable file cannot be read", WORLD_MEMORY_UNREADABLE,
     "cannot read 't.jsonl': permission denied"},
    {"a file whose time changes is refused", WORLD_MEMORY_CHANGING, "'t.jsonl' changed while it was read"},
    {"a file that shrinks is refused", WORLD_MEMORY_SHRINKING, "'t.jsonl' changed while it was read"},
    {"a file that fails in the middle is refused", WORLD_MEMORY_FAILING,
     "cannot read 't.jsonl': input/output error"},
};

static char *many_lines(size_t count, size_t *size)
{
    char *text = malloc(count * 48);
    assert_non_null(text);
    *size = 0;
    for (size_t i = 0; i < count; i++)
        *size += (size_t)sprintf(text + *size, "{\"n\": %zu, \"s\": \"%zu\\n\"}\n", i, i % 7);
    return text;
}

static void misbehaving_files_are_errors(void **state)
{
    size_t size;
    char *text = many_lines(2000, &size);
    reader_misbehaviour_check(*state, "t.jsonl", text, size, true);
    free(text);
}

/* The file is another one by the time that it is read for its rows. */
struct replaced {
    struct world_memory before, after;
    unsigned opened;
};

static int replaced_open(void *self, const char *path, struct mlg_file *file, struct mlg_error *error)
{
    struct replaced *replaced = self;
    struct world_memory *memory = replaced->opened++ == 0 ? &replaced->before : &replaced->after;
    return memory->world.open(memory->world.self, path, file, error);
}

static int64_t replaced_read(void *self, struct mlg_file *file, int64_t offset, void *buffer, size_t size,
                             struct mlg_error *error)
{
    struct replaced *replaced = self;
    return replaced->before.world.read(replaced->before.world.self, file, offset, buffer, size, error);
}

static int replaced_stat(void *self, struct mlg_file *file, int64_t *size, int64_t *modified)
{
    struct replaced *replaced = self;
    return replaced->before.world.stat(replaced->before.world.self, file, size, modified);
}

static void replaced_close(void *self, struct mlg_file *file)
{
    struct replaced *replaced = self;
    replaced->before.world.close(replaced->before.world.self, file);
}

static void check_replaced(const char *after, const char *told)
{
    static const char first[] = "{\"a\": 1}\n{\"a\": 2}\n";
    struct replaced replaced = {.opened = 0};
    struct world_memory memory;
    world_memory_init(&replaced.before);
    world_memory_init(&replaced.after);
    world_memory_text(&replaced.before, "t.jsonl", first);
    world_memory_text(&replaced.after, "t.jsonl", after);
    world_memory_init(&memory);
    memory.world.self = &replaced;
    memory.world.open = replaced_open;
    memory.world.read = replaced_read;
    memory.world.stat = replaced_stat;
    memory.world.close = replaced_close;
    struct mlg_reader_tuning tuning = mlg_reader_tuning_usual;
    tuning.held_bytes = 0;
    struct read_rows read = {.path = "t.jsonl", .tuning = &tuning, .requests = {NUMBER("a")}};
    assert_int_equal(read_rows(&memory, &read), MLG_WORLD);
    assert_string_equal(read.told, told);
    read_rows_free(&read);
    world_memory_free(&memory);
    world_memory_free(&replaced.before);
    world_memory_free(&replaced.after);
}

static void a_file_that_is_replaced_between_two_readings_is_refused(void **state)
{
    (void)state;
    check_replaced("{\"a\": 1}\n{\"a\": 2}\n{\"a\": 3}\n", "'t.jsonl' changed while it was read");
    check_replaced("{\"a\": 1}\n{\"b\": 2}\n", "'t.jsonl' changed while it was read"); /* as long, as old */
}

static void a_line_that_is_too_long_fails(void **state)
{
    (void)state;
    enum { LONG = 5000 };
    char text[LONG + 64];
    const int start = sprintf(text, "{\"a\": 1}\n{\"a\": \"");
    memset(text + start, 'x', LONG);
    strcpy(text + start + LONG, "\"}\n");
    struct mlg_reader_tuning tuning = mlg_reader_tuning_usual;
    tuning.block = 64;
    tuning.line_bytes = 1000;
    const struct read_rows how = {.path = "t.jsonl", .tuning = &tuning, .requests = {CODE("a")}};
    assert_int_equal(reader_tells(&how, WORLD_MEMORY_FILE, text, strlen(text), NULL,
                                  "t.jsonl:2: line is longer than 1000 bytes"),
                     MLG_LIMIT);
}

static void a_stream_is_held_up_to_a_limit(void **state)
{
    (void)state;
    size_t size;
    char *text = many_lines(100000, &size);
    struct mlg_reader_tuning tuning = mlg_reader_tuning_usual;
    tuning.held_stream_bytes = 1 << 20;
    const struct read_rows how = {.path = "-", .tuning = &tuning, .requests = {NUMBER("n")}};
    assert_true(size > tuning.held_stream_bytes);
    assert_int_equal(
        reader_tells(&how, WORLD_MEMORY_STREAM, text, size, NULL,
                     "'standard input' is longer than 1 MiB, up to which JSON lines are held that "
                     "cannot be read twice; name a file"),
        MLG_LIMIT);
    free(text);
}

static void many_lines_are_the_same_for_any_number_of_threads(void **state)
{
    (void)state;
    size_t size;
    char *text = many_lines(20000, &size), *first = NULL;
    struct world_memory memory;
    world_memory_init(&memory);
    world_memory_put(&memory, "t.jsonl", WORLD_MEMORY_FILE, text, size);
    for (unsigned threads = 1; threads <= 4; threads++)
        for (int twice = 0; twice < 2; twice++) {
            struct mlg_reader_tuning tuning = mlg_reader_tuning_usual;
            tuning.threads_from = 0;
            tuning.block = 4096;
            tuning.held_bytes = twice ? 0 : tuning.held_bytes;
            struct read_rows read = {.path = "t.jsonl",
                                     .tuning = &tuning,
                                     .threads = threads,
                                     .requests = {NUMBER("n"), TEXT("s")}};
            assert_int_equal(read_rows(&memory, &read), 0);
            assert_int_equal(read.summary.rows, 20000);
            if (!first)
                first = strdup(read.text);
            assert_string_equal(read.text, first);
            read_rows_free(&read);
        }
    free(first);
    free(text);
    world_memory_free(&memory);
}

/* What is known before a row is read. */
static void columns_with_objects_or_arrays_are_known(void **state)
{
    (void)state;
    struct world_memory memory;
    world_memory_init(&memory);
    world_memory_text(&memory, "t.jsonl", "{\"a\": 1, \"b\": null}\n{\"c\": \"x\", \"b\": [1]}\n");
    world_memory_text(&memory, "l.jsonl", "{\"c\": \"x\", \"d\": {}, \"l\": 1}\n");
    world_memory_text(&memory, "flat.jsonl", "{\"a\": 1}\n");
    struct mlg_arena arena;
    mlg_arena_init(&arena, 0);
    struct mlg_reader *reader, *labels, *joined;
    struct mlg_error error = {0};
    const char *const *names;
    struct mlg_reader_options options = {.path = "flat.jsonl"};
    assert_int_equal(mlg_reader_open(&memory.world, &arena, &options, &reader, &error), 0);
    assert_string_equal(mlg_reader_format(reader), "jsonl");
    assert_null(mlg_reader_nested(reader));
    mlg_reader_close(reader);
    options.path = "t.jsonl";
    assert_int_equal(mlg_reader_open(&memory.world, &arena, &options, &reader, &error), 0);
    assert_int_equal(mlg_reader_columns(reader, &names), 3);
    static const char *const expected[] = {"a", "b", "c"};
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(names[i], expected[i]);
        assert_int_equal(mlg_reader_nested(reader)[i], i == 1);
    }
    options.path = "l.jsonl";
    assert_int_equal(mlg_reader_open(&memory.world, &arena, &options, &labels, &error), 0);
    assert_int_equal(mlg_reader_join(&arena, reader, labels, "c", "l", NULL, 0, &joined, &error), 0);
    const size_t count = mlg_reader_columns(joined, &names);
    assert_int_equal(count, 5);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(mlg_reader_nested(joined)[i], names[i][0] == 'b' || names[i][0] == 'd');
    mlg_reader_close(joined);
    mlg_arena_free(&arena);
    world_memory_free(&memory);
}

int main(void)
{
    enum { FIXED = 5 };
    struct CMUnitTest tests[FIXED + COUNT(rows) + COUNT(misbehaviours)] = {
        cmocka_unit_test(a_file_that_is_replaced_between_two_readings_is_refused),
        cmocka_unit_test(a_line_that_is_too_long_fails),
        cmocka_unit_test(a_stream_is_held_up_to_a_limit),
        cmocka_unit_test(many_lines_are_the_same_for_any_number_of_threads),
        cmocka_unit_test(columns_with_objects_or_arrays_are_known),
    };
    size_t count = FIXED;
    NAMED_ROWS(tests, count, rows, reads_or_tells);
    NAMED_ROWS(tests, count, misbehaviours, misbehaving_files_are_errors);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
