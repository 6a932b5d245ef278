/* The plain kinds of parameters: what they read, what they refuse and with which words, what they print. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlgate/param.h"
#include "named_rows.h"

struct options {
    const char *label;
    bool enforce;
    int64_t rows;
    double limit, confidence;
    int decide;
    struct mlg_texts labels;
    struct mlg_map reports;
    struct mlg_column_or_map score;
    struct mlg_texts run;
    struct mlg_map variables;
};

enum { LABEL, ENFORCE, ROWS, LIMIT, CONFIDENCE, DECIDE, LABELS, REPORTS, SCORE, RUN, VARIABLES, ROW_COUNT };

static const char *const decide_choices[] = {"interval", "point", NULL};
#define ROW(field, kind) .name = #field, MLG_FIELD(struct options, field, kind), .help = "what it is for"
static const struct mlg_param rows[] = {
    {ROW(label, text), .required = true},
    {ROW(enforce, boolean)},
    {ROW(rows, integer), .minimum = 0, .maximum = 1000},
    {ROW(limit, number)},
    {ROW(confidence, share), .minimum = 0.5, .maximum = 1, .minimum_open = true, .maximum_open = true},
    {ROW(decide, choice), .choices = decide_choices},
    {ROW(labels, texts)},
    {ROW(reports, map)},
    {ROW(score, column_or_map)},
    {ROW(run, texts), .keeps_commas = true},
    {ROW(variables, map), .takes_empty = true},
    {0}};
static const struct options defaults = {.enforce = true, .rows = 7, .limit = 0.1, .confidence = 0.95};

struct fixture {
    struct mlg_arena arena;
    struct mlg_diagnostics list;
    struct options options;
    struct mlg_origin origins[ROW_COUNT];
};

static void begin(struct fixture *fixture)
{
    memset(fixture, 0, sizeof *fixture);
    mlg_arena_init(&fixture->arena, 1024 * 1024);
    mlg_diagnostics_init(&fixture->list, &fixture->arena);
    fixture->options = defaults;
}

/* ---- a little reader of flow text, enough to make nodes ---------------------------------------------- */

struct reader {
    const char *c;
    struct mlg_arena *arena;
    enum mlg_origin_type origin;
};

static void skip_spaces(struct reader *reader)
{
    while (*reader->c == ' ' || *reader->c == ',' || *reader->c == ':')
        reader->c++;
}

static const struct mlg_node *read_node(struct reader *reader);

static struct mlg_node *read_scalar(struct reader *reader)
{
    struct mlg_node *node = MLG_NEW(reader->arena, struct mlg_node);
    assert_non_null(node);
    const char *start = reader->c;
    size_t size;
    if (*start == '"') {
        node->quoted = true;
        start++;
        size = strcspn(start, "\"");
        reader->c = start + size + 1;
    } else {
        size = strcspn(start, ",:[]{}");
        reader->c = start + size;
    }
    node->type =
        !node->quoted && size == 4 && memcmp(start, "null", 4) == 0 ? MLG_NODE_NULL : MLG_NODE_SCALAR;
    node->text = mlg_arena_copy(reader->arena, start, size);
    node->size = size;
    return node;
}

static const struct mlg_node *read_node(struct reader *reader)
{
    skip_spaces(reader);
    char open = *reader->c;
    struct mlg_node *node;
    if (open == '[' || open == '{') {
        enum { MOST = 16 };
        struct mlg_node_entry *entries = MLG_NEW_ARRAY(reader->arena, struct mlg_node_entry, MOST);
        node = MLG_NEW(reader->arena, struct mlg_node);
        assert_non_null(entries);
        assert_non_null(node);
        node->type = open == '[' ? MLG_NODE_LIST : MLG_NODE_MAP;
        node->entries = entries;
        reader->c++;
        for (skip_spaces(reader); *reader->c != ']' && *reader->c != '}'; skip_spaces(reader)) {
            assert_true(node->count < MOST);
            if (open == '{')
                entries[node->count].key = read_node(reader);
            entries[node->count++].value = read_node(reader);
        }
        reader->c++;
    } else {
        node = read_scalar(reader);
    }
    node->origin.type = reader->origin;
    node->origin.name = reader->origin == MLG_FROM_FLAG          ? "--flag"
                        : reader->origin == MLG_FROM_ENVIRONMENT ? "MLGATE_NAME"
                                                                 : NULL;
    return node;
}

/* "" is a scalar without text, as a flag may have. */
static const struct mlg_node *make_node(const char *text, enum mlg_origin_type origin,
                                        struct mlg_arena *arena)
{
    struct reader reader = {.c = text, .arena = arena, .origin = origin};
    if (origin == MLG_FROM_CONFIG)
        return read_node(&reader);
    struct mlg_node *node = MLG_NEW(arena, struct mlg_node);
    assert_non_null(node);
    *node = (struct mlg_node){
        .type = MLG_NODE_SCALAR,
        .text = text,
        .size = strlen(text),
        .origin = {.type = origin, .name = origin == MLG_FROM_FLAG ? "--flag" : "MLGATE_NAME"}};
    return node;
}

/* ---- values ------------------------------------------------------------------------------------------ */

struct value_row {
    const char *sentence;
    int row;
    enum mlg_origin_type origin;
    const char *written;
    const char *printed; /* NULL: it is refused */
    const char *words;   /* refused: the sentence */
};

#define YAML MLG_FROM_CONFIG
#define FLAG MLG_FROM_FLAG
#define ENVIRONMENT MLG_FROM_ENVIRONMENT

static const struct value_row values[] = {
    {"a text is a text", LABEL, YAML, "income", "income", NULL},
    {"a number may be a text", LABEL, YAML, "1", "\"1\"", NULL},
    {"a text may hold anything in quotes", LABEL, YAML, "\"a: b # c\"", "\"a: b # c\"", NULL},
    {"a list is no text", LABEL, YAML, "[a]", NULL, "unexpected list; 'label' takes a text"},
    {"a map is no text", LABEL, YAML, "{a: b}", NULL, "unexpected map; 'label' takes a text"},
    {"a key without value is a mistake", LABEL, YAML, "null", NULL,
     "'label' has no value; 'label' takes a text"},
    {"an empty text is a mistake in YAML", LABEL, YAML, "\"\"", NULL,
     "'label' has no value; 'label' takes a text"},
    {"an empty flag is not given", CONFIDENCE, FLAG, "", "0.95", NULL},
    {"an empty environment is not given", DECIDE, ENVIRONMENT, "", "interval", NULL},

    {"false is a boolean", ENFORCE, YAML, "false", "false", NULL},
    {"TRUE is a boolean", ENFORCE, YAML, "TRUE", "true", NULL},
    {"a flag's false is a boolean", ENFORCE, FLAG, "false", "false", NULL},
    {"no is no boolean", ENFORCE, YAML, "no", NULL,
     "'no' is neither true nor false; 'enforce' takes true or false"},
    {"1 is no boolean", ENFORCE, YAML, "1", NULL,
     "'1' is neither true nor false; 'enforce' takes true or false"},
    {"quotes make a text of a boolean", ENFORCE, YAML, "\"true\"", NULL,
     "'true' in quotes is a text; 'enforce' takes true or false"},

    {"an integer is an integer", ROWS, YAML, "30", "30", NULL},
    {"an integer may have a sign", ROWS, YAML, "+30", "30", NULL},
    {"the ends of a range belong to it", ROWS, YAML, "1000", "1000", NULL},
    {"a fraction is no integer", ROWS, YAML, "3.0", NULL,
     "'3.0' is not written as a whole number; 'rows' takes a whole number, at least 0 and at most 1000"},
    {"an exponent is no integer", ROWS, YAML, "1e2", NULL,
     "'1e2' is not written as a whole number; 'rows' takes a whole number, at least 0 and at most 1000"},
    {"a word is no integer", ROWS, YAML, "many", NULL,
     "'many' is not a whole number; 'rows' takes a whole number, at least 0 and at most 1000"},
    {"an integer beyond its range", ROWS, YAML, "1001", NULL,
     "'1001' is out of range; 'rows' takes a whole number, at least 0 and at most 1000"},
    {"an integer beyond 64 bits", ROWS, YAML, "99999999999999999999", NULL,
     "'99999999999999999999' is too large; 'rows' takes a whole number, at least 0 and at most 1000"},
    {"a flag's mistake begins with its name", ROWS, FLAG, "-1", NULL,
     "--flag: '-1' is out of range; 'rows' takes a whole number, at least 0 and at most 1000"},

    {"a number is a number", LIMIT, YAML, "-2.5e-3", "-0.0025", NULL},
    {"a number without range may be large", LIMIT, YAML, "1e300", "1e+300", NULL},
    {"NaN is refused", LIMIT, YAML, "nan", NULL, "'nan' is not finite; 'limit' takes a number such as 0.5"},
    {"YAML's NaN is refused", LIMIT, YAML, ".nan", NULL,
     "'.nan' is not a number; 'limit' takes a number such as 0.5"},
    {"infinity is refused", LIMIT, YAML, "-inf", NULL,
     "'-inf' is not finite; 'limit' takes a number such as 0.5"},
    {"a percentage is no plain number", LIMIT, YAML, "5%", NULL,
     "'5%' is a percentage; 'limit' takes a number such as 0.5"},
    {"a comma is no point", LIMIT, FLAG, "0,5", NULL,
     "--flag: '0,5' is not a number; 'limit' takes a number such as 0.5"},
    {"quotes make a text of a number", LIMIT, YAML, "\"1\"", NULL,
     "'1' in quotes is a text; 'limit' takes a number such as 0.5"},

    {"a share may be a percentage", CONFIDENCE, YAML, "99%", "0.99", NULL},
    {"a percentage is exact", CONFIDENCE, YAML, "57%", "0.57", NULL},
    {"an open end does not belong to the range", CONFIDENCE, YAML, "1", NULL,
     "'1' is out of range; 'confidence' takes a share such as 0.95 or 95%, above 0.5 and below 1"},
    {"a percentage may be out of range", CONFIDENCE, YAML, "950%", NULL,
     "'950%' is out of range; 'confidence' takes a share such as 0.95 or 95%, above 0.5 and below 1"},

    {"a choice is one of its words", DECIDE, YAML, "point", "point", NULL},
    {"a misspelt choice is answered with the near one", DECIDE, YAML, "intervall", NULL,
     "unknown value 'intervall'; 'decide' takes one of interval or point; did you mean 'interval'?"},
    {"a strange choice is answered with all", DECIDE, YAML, "x", NULL,
     "unknown value 'x'; 'decide' takes one of interval or point"},

    {"a list of texts", LABELS, YAML, "[a, b, \"1\"]", "[a, b, \"1\"]", NULL},
    {"one text is a list of one", LABELS, YAML, "a", "[a]", NULL},
    {"a comma within a text of YAML is part of it", LABELS, YAML, "\"a,b\"", "[\"a,b\"]", NULL},
    {"a flag's list has commas", LABELS, FLAG, "a, b,,c", "[a, b, c]", NULL},
    {"a pipeline's list has lines", LABELS, ENVIRONMENT, "a\n b\r\n\nc\n", "[a, b, c]", NULL},
    {"a flag's argument of a command is whole", RUN, FLAG, "a, b,,c", "[\"a, b,,c\"]", NULL},
    {"a pipeline's command has an argument a line", RUN, ENVIRONMENT, "sh\n-c\necho a, b\n",
     "[sh, \"-c\", \"echo a, b\"]", NULL},
    {"a list of lists is a mistake", LABELS, YAML, "[a, [b]]", NULL,
     "unexpected list; 'labels' takes a list of texts, or one text"},

    {"a map of texts", REPORTS, YAML, "{junit: j.xml, json: out/r.json}", "{junit: j.xml, json: out/r.json}",
     NULL},
    {"a flag's pair", REPORTS, FLAG, "junit=a=b", "{junit: a=b}", NULL},
    {"a pipeline's pairs", REPORTS, ENVIRONMENT, "junit=a, json=b", "{junit: a, json: b}", NULL},
    {"a pair without key is a mistake", REPORTS, FLAG, "=b", NULL,
     "--flag: '=b' is no pair; 'reports' takes a map of texts, written as key=value"},
    {"a word is no pair", REPORTS, FLAG, "junit", NULL,
     "--flag: 'junit' is no pair; 'reports' takes a map of texts, written as key=value"},
    {"a list is no map", REPORTS, YAML, "[a]", NULL, "unexpected list; 'reports' takes a map of texts"},
    {"a key of a map needs a value", REPORTS, YAML, "{a: null}", NULL,
     "'a' has no value; a text is expected"},
    {"a value of a map is not empty", REPORTS, YAML, "{a: \"\"}", NULL,
     "'a' has no value; a text is expected"},
    {"a variable may be empty", VARIABLES, YAML, "{A: \"\", B: c}", "{A: \"\", B: c}", NULL},
    {"a flag's variable may be empty", VARIABLES, FLAG, "A=", "{A: \"\"}", NULL},
    {"a variable without a value is a mistake", VARIABLES, YAML, "{A: null}", NULL,
     "'A' has no value; a text is expected, \"\" for an empty one"},
    {"a key given twice", REPORTS, ENVIRONMENT, "a=b,a=c", NULL,
     "MLGATE_NAME: 'a' is given twice in 'reports'; give one"},

    {"one column", SCORE, YAML, "p", "p", NULL},
    {"a column per class", SCORE, YAML, "{a: p_a, b: p_b}", "{a: p_a, b: p_b}", NULL},
    {"a flag's column", SCORE, FLAG, "p", "p", NULL},
    {"a flag's column of a class", SCORE, FLAG, "a=p_a", "{a: p_a}", NULL},
    {"no column at all is a mistake", SCORE, YAML, "[p]", NULL,
     "unexpected list; 'score' takes a column's name, or a map of class to column such as {a: p_a, b: p_b}"},
};

static void test_value(void **state)
{
    const struct value_row *row = *state;
    struct fixture fixture;
    struct mlg_builder before, after;
    begin(&fixture);
    mlg_builder_init(&before, 0);
    mlg_builder_init(&after, 0);
    mlg_param_print(&rows[row->row], &fixture.options, &before);
    const struct mlg_node *node = make_node(row->written, row->origin, &fixture.arena);
    bool good = mlg_param_set(rows, (size_t)row->row, &fixture.options, fixture.origins, node, &fixture.arena,
                              &fixture.list);
    mlg_param_print(&rows[row->row], &fixture.options, &after);
    if (row->printed) {
        assert_int_equal(fixture.list.count, 0);
        assert_true(good);
        assert_string_equal(after.data, row->printed);
        /* parse(print(v)) == v */
        struct fixture again;
        begin(&again);
        assert_true(mlg_param_set(rows, (size_t)row->row, &again.options, again.origins,
                                  make_node(after.data, MLG_FROM_CONFIG, &again.arena), &again.arena,
                                  &again.list));
        mlg_builder_free(&before);
        mlg_param_print(&rows[row->row], &again.options, &before);
        assert_string_equal(before.data, after.data);
        mlg_arena_free(&again.arena);
    } else {
        assert_false(good);
        assert_int_equal(fixture.list.errors, 1);
        assert_string_equal(fixture.list.items[0].text, row->words);
        assert_string_equal(after.data, before.data); /* a mistake leaves the field alone */
        assert_int_equal(fixture.origins[row->row].type, MLG_BUILT_IN);
    }
    mlg_builder_free(&before);
    mlg_builder_free(&after);
    mlg_arena_free(&fixture.arena);
}

/* ---- origins ------------------------------------------------------------------------------------------ */

static void test_precedence(void **state)
{
    (void)state;
    static const enum mlg_origin_type types[] = {MLG_FROM_CONFIG, MLG_FROM_ENVIRONMENT, MLG_FROM_FLAG};
    static const char *const written[] = {"0.6", "0.7", "0.8"};
    static const size_t orders[][3] = {{0, 1, 2}, {2, 1, 0}, {1, 2, 0}, {0, 2, 1}, {2, 0, 1}, {1, 0, 2}};
    for (size_t i = 0; i < COUNT(orders); i++) {
        struct fixture fixture;
        begin(&fixture);
        for (size_t k = 0; k < 3; k++)
            assert_true(mlg_param_set(rows, CONFIDENCE, &fixture.options, fixture.origins,
                                      make_node(written[orders[i][k]], types[orders[i][k]], &fixture.arena),
                                      &fixture.arena, &fixture.list));
        assert_true(fixture.options.confidence == 0.8);
        assert_int_equal(fixture.origins[CONFIDENCE].type, MLG_FROM_FLAG);
        /* An empty flag does not win over anything. */
        assert_true(mlg_param_set(rows, CONFIDENCE, &fixture.options, fixture.origins,
                                  make_node("", MLG_FROM_FLAG, &fixture.arena), &fixture.arena,
                                  &fixture.list));
        assert_true(fixture.options.confidence == 0.8);
        mlg_arena_free(&fixture.arena);
    }
}

static void test_overruled_mistake(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    mlg_param_set(rows, CONFIDENCE, &fixture.options, fixture.origins,
                  make_node("0.8", MLG_FROM_FLAG, &fixture.arena), &fixture.arena, &fixture.list);
    assert_false(mlg_param_set(rows, CONFIDENCE, &fixture.options, fixture.origins,
                               make_node("7", MLG_FROM_CONFIG, &fixture.arena), &fixture.arena,
                               &fixture.list));
    assert_int_equal(fixture.list.errors, 1);
    assert_true(fixture.options.confidence == 0.8);
    mlg_arena_free(&fixture.arena);
}

static void test_repeated_flags(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    struct mlg_node list = {.type = MLG_NODE_LIST, .origin = {.type = MLG_FROM_FLAG, .name = "--labels"}};
    struct mlg_node_entry entries[2] = {{.value = make_node("a,b", MLG_FROM_FLAG, &fixture.arena)},
                                        {.value = make_node("c", MLG_FROM_FLAG, &fixture.arena)}};
    list.entries = entries;
    list.count = 2;
    assert_true(
        mlg_param_set(rows, LABELS, &fixture.options, fixture.origins, &list, &fixture.arena, &fixture.list));
    assert_int_equal(fixture.options.labels.count, 3);
    assert_string_equal(fixture.options.labels.items[2], "c");
    assert_ptr_equal(fixture.options.labels.nodes[2], entries[1].value);
    entries[0].value = make_node("junit=a", MLG_FROM_FLAG, &fixture.arena);
    entries[1].value = make_node("json=b,c", MLG_FROM_FLAG, &fixture.arena);
    assert_true(mlg_param_set(rows, REPORTS, &fixture.options, fixture.origins, &list, &fixture.arena,
                              &fixture.list));
    assert_int_equal(fixture.options.reports.count, 2);
    assert_string_equal(fixture.options.reports.values[1], "b,c"); /* a path may hold a comma */
    mlg_arena_free(&fixture.arena);
}

/* ---- maps --------------------------------------------------------------------------------------------- */

static void test_all_mistakes(void **state)
{
    (void)state;
    static const char *const also[] = {"checks", NULL};
    static const char *const expected[] = {
        "unknown key 'lable' in data 'test'; did you mean 'label'?",
        "'7' is out of range; 'confidence' takes a share such as 0.95 or 95%, above 0.5 and below 1",
        "unknown key 'quux' in data 'test'; known are label, enforce, rows, limit, confidence, decide, "
        "labels, "
        "reports, score, run, variables, checks",
        "unknown key 'chekcs' in data 'test'; did you mean 'checks'?",
        "'enforce' has no value; 'enforce' takes true or false",
        "'label' is missing in data 'test'; 'label' takes a text"};
    struct fixture fixture;
    begin(&fixture);
    const struct mlg_node *map =
        make_node("{lable: a, confidence: 7, rows: 3, quux: 1, chekcs: x, checks: [x], enforce: null}",
                  MLG_FROM_CONFIG, &fixture.arena);
    assert_false(mlg_params_read(rows, &fixture.options, fixture.origins, map, also, "data 'test'",
                                 &fixture.arena, &fixture.list));
    assert_int_equal(fixture.list.count, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++)
        assert_string_equal(fixture.list.items[i].text, expected[i]);
    assert_int_equal(fixture.options.rows, 3); /* what is right is read all the same */
    mlg_arena_free(&fixture.arena);
}

static void test_required_from_elsewhere(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    mlg_param_set(rows, LABEL, &fixture.options, fixture.origins,
                  make_node("income", MLG_FROM_ENVIRONMENT, &fixture.arena), &fixture.arena, &fixture.list);
    assert_true(mlg_params_read(rows, &fixture.options, fixture.origins,
                                make_node("{rows: 1}", MLG_FROM_CONFIG, &fixture.arena), NULL, "the suite",
                                &fixture.arena, &fixture.list));
    assert_string_equal(fixture.options.label, "income");
    mlg_arena_free(&fixture.arena);
}

static void test_not_a_map(void **state)
{
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    assert_false(mlg_params_read(rows, &fixture.options, fixture.origins,
                                 make_node("[a]", MLG_FROM_CONFIG, &fixture.arena), NULL, "the suite",
                                 &fixture.arena, &fixture.list));
    assert_string_equal(fixture.list.items[0].text,
                        "unexpected list; the suite takes a map of keys and values");
    mlg_arena_free(&fixture.arena);
}

static void test_find(void **state)
{
    (void)state;
    static const struct mlg_param dashed[] = {{.name = "max_missing"}, {.name = "label"}, {0}};
    assert_ptr_equal(mlg_params_find(dashed, "max-missing"), &dashed[0]);
    assert_ptr_equal(mlg_params_find(dashed, "max_missing"), &dashed[0]);
    assert_null(mlg_params_find(dashed, "max"));
    assert_null(mlg_params_find(dashed, "labels"));
    assert_null(mlg_params_find(NULL, "label"));
    assert_int_equal(mlg_params_count(dashed), 2);
    assert_int_equal(mlg_params_count(NULL), 0);
}

static void test_no_memory(void **state)
{
    (void)state;
    static const char *const written[ROW_COUNT] = {"income",    "false",  "3",      "0.5", "0.9",   "point",
                                                   "[a, b, c]", "{a: b}", "{a: b}", "sh",  "{a: b}"};
    for (size_t row = 0; row < ROW_COUNT; row++) {
        bool good = false;
        for (size_t memory = 16; !good; memory += 16) {
            struct mlg_arena nodes, small;
            struct mlg_diagnostics list;
            struct options options = defaults;
            struct mlg_origin origins[ROW_COUNT] = {{0}};
            mlg_arena_init(&nodes, 0);
            mlg_arena_init(&small, memory);
            mlg_diagnostics_init(&list, &nodes);
            good = mlg_param_set(rows, row, &options, origins,
                                 make_node(written[row], MLG_FROM_CONFIG, &nodes), &small, &list);
            assert_true(good || list.errors > 0);
            assert_int_equal(origins[row].type, good ? MLG_FROM_CONFIG : MLG_BUILT_IN);
            mlg_arena_free(&small);
            mlg_arena_free(&nodes);
            assert_true(memory < 10000);
        }
    }
}

/* ---- schema ------------------------------------------------------------------------------------------- */

struct schema_row {
    const char *sentence;
    int row;
    const char *expected;
};

#define TEXT "\"type\": [\"string\", \"number\", \"boolean\"]"

static const struct schema_row schemas[] = {
    {"the schema of a text allows numbers", LABEL, TEXT},
    {"the schema of a boolean", ENFORCE, "\"type\": \"boolean\""},
    {"the schema of an integer has its range", ROWS,
     "\"type\": \"integer\", \"minimum\": 0, \"maximum\": 1000"},
    {"the schema of a number without range", LIMIT, "\"type\": \"number\""},
    {"the schema of a share has open ends and percentages", CONFIDENCE,
     "\"anyOf\": [{\"type\": \"number\", \"exclusiveMinimum\": 0.5, \"exclusiveMaximum\": 1}, {\"type\": "
     "\"string\", \"pattern\": \"^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?%$\"}]"},
    {"the schema of a choice", DECIDE, "\"enum\": [\"interval\", \"point\"]"},
    {"the schema of texts", LABELS, "\"anyOf\": [{" TEXT "}, {\"type\": \"array\", \"items\": {" TEXT "}}]"},
    {"the schema of a map", REPORTS, "\"type\": \"object\", \"additionalProperties\": {" TEXT "}"},
    {"the schema of a column or map", SCORE,
     "\"anyOf\": [{" TEXT "}, {\"type\": \"object\", \"minProperties\": 1, \"additionalProperties\": {" TEXT
     "}}]"},
};

static void test_schema(void **state)
{
    const struct schema_row *row = *state;
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    rows[row->row].kind->schema(&rows[row->row], &out);
    assert_string_equal(out.data, row->expected);
    mlg_builder_free(&out);
}

/* 9007199254740993 and the number below it are one double. */
static void test_integers_are_exact(void **state)
{
    static const struct mlg_param row = {ROW(rows, integer), .minimum = -9007199254740992.0,
                                         .maximum = 9007199254740992.0};
    static const struct mlg_param all = {ROW(rows, integer), .minimum = -INFINITY, .maximum = 1e300};
    static const struct {
        const struct mlg_param *row;
        const char *text;
        bool is_good;
    } cases[] = {
        {&row, "9007199254740992", true},     {&row, "9007199254740993", false},
        {&row, "-9007199254740992", true},    {&row, "-9007199254740993", false},
        {&row, "9223372036854775807", false}, {&all, "9223372036854775807", true},
        {&all, "-9223372036854775808", true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct fixture fixture;
        int64_t value = 0;
        begin(&fixture);
        const struct mlg_node node = {
            .type = MLG_NODE_SCALAR, .text = cases[i].text, .size = strlen(cases[i].text)};
        bool good = mlg_kind_integer.parse(cases[i].row, &value, &node, &fixture.arena, &fixture.list);
        assert_int_equal(good, cases[i].is_good);
        mlg_arena_free(&fixture.arena);
    }
}

int main(void)
{
    static struct CMUnitTest tests[COUNT(values) + COUNT(schemas) + 10];
    size_t count = 0;
    NAMED_ROWS(tests, count, values, test_value);
    NAMED_ROWS(tests, count, schemas, test_schema);
    static const struct {
        const char *sentence;
        CMUnitTestFunction test;
    } others[] = {
        {"a flag beats the environment, which beats the file, in any order", test_precedence},
        {"a mistake is told though a flag overrules it", test_overruled_mistake},
        {"repeated flags add up to one list", test_repeated_flags},
        {"all mistakes of a map are told", test_all_mistakes},
        {"a required key may come from the environment", test_required_from_elsewhere},
        {"a list is no map of keys", test_not_a_map},
        {"dashes and underscores are the same in flags", test_find},
        {"without memory nothing is set and it is told", test_no_memory},
        {"the range of integers is exact", test_integers_are_exact},
    };
    for (size_t i = 0; i < COUNT(others); i++)
        tests[count++] = (struct CMUnitTest){others[i].sentence, others[i].test, NULL, NULL, NULL};
    return cmocka_run_group_tests_name("param", tests, NULL, NULL);
}
