/* Names of slices: what is written, that it reads back, and which slices `on:` covers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mlgate/suite.h"
#include "named_rows.h"

struct name_row {
    const char *sentence;
    size_t count;
    const char *columns[MLG_CROSS_COLUMNS], *values[MLG_CROSS_COLUMNS];
    const char *name;
};

static const struct name_row names[] = {
    {"an ordinary value stands as it is", 1, {"sex"}, {"Male"}, "sex=Male"},
    {"so does one with spaces", 1, {"race"}, {"African American"}, "race=African American"},
    {"a cross is a list", 2, {"sex", "race"}, {"Male", "Black"}, "sex=Male, race=Black"},
    {"a missing value has a word", 2, {"sex", "race"}, {NULL, "B"}, "sex=(missing), race=B"},
    {"a value that is that word stands in quotes", 1, {"sex"}, {"(missing)"}, "sex=\"(missing)\""},
    {"a value that looks like a cross stands in quotes", 1, {"a"}, {"x, b=y"}, "a=\"x, b=y\""},
    {"so does a comparison of another kind", 1, {"income"}, {">=50K"}, "income=\">=50K\""},
    {"letters of every script are ordinary", 1, {"pays"}, {"Côte d'Ivoire"}, "pays=Côte d'Ivoire"},
    {"quotes and backslashes are escaped", 1, {"a"}, {"\"\\"}, "a=\"\\\"\\\\\""},
    {"control characters are escaped", 1, {"a"}, {"x\ty"}, "a=\"x\\x09y\""},
    {"bytes that are no UTF-8 are escaped", 1, {"a"}, {"\xff"}, "a=\"\\xff\""},
    {"text that looks escaped is not the same", 1, {"a"}, {"\\xff"}, "a=\"\\\\xff\""},
    {"marks that turn text around are escaped", 1, {"a"}, {"x\xe2\x80\xaey"}, "a=\"x\\u202ey\""},
    {"outer spaces are kept in quotes", 1, {"a"}, {" x "}, "a=\" x \""},
    {"nothing stands in quotes", 1, {"a"}, {""}, "a=\"\""},
    {"columns are treated alike", 1, {"a=x, b"}, {"y"}, "\"a=x, b\"=y"},
};

static void name_is_written_and_reads_back(void **state)
{
    const struct name_row *row = *state;
    struct mlg_arena arena = {0};
    struct mlg_builder out;
    struct mlg_on on;
    mlg_builder_init(&out, 0);
    mlg_put_slice_name(&out, row->columns, row->values, row->count, false);
    assert_string_equal(out.data, row->name);
    assert_true(mlg_on_parse(row->name, &on, &arena));
    assert_true(on.has_values);
    assert_int_equal(on.column_count, row->count);
    for (size_t i = 0; i < row->count; i++) {
        assert_string_equal(on.columns[i], row->columns[i]);
        assert_int_equal(on.values[i] == NULL, row->values[i] == NULL);
        if (row->values[i])
            assert_string_equal(on.values[i], row->values[i]);
    }
    mlg_builder_free(&out);
    mlg_arena_free(&arena);
}

struct on_row {
    const char *sentence, *on;
    const char *slicing;              /* NULL: all rows */
    const char *value, *second_value; /* of the slice */
    bool fits, covers;
};

static const struct on_row entries[] = {
    {"all is all rows", "all", NULL, NULL, NULL, true, true},
    {"all is no slicing", "all", "sex", "Male", NULL, false, false},
    {"a slicing is all its slices", "sex", "sex", "Male", NULL, true, true},
    {"however it is spaced", "sex * race", "sex*race", "M", "B", true, true},
    {"one slice is that one", "sex=Male", "sex", "Male", NULL, true, true},
    {"and no other", "sex=Male", "sex", "Female", NULL, true, false},
    {"case matters", "sex=male", "sex", "Male", NULL, true, false},
    {"another column does not fit", "race=Male", "sex", "Male", NULL, false, false},
    {"a cross names all its values", "sex=M, race=B", "sex*race", "M", "B", true, true},
    {"a cross is not a value", "sex=M, race=B", "sex", "M, race=B", NULL, false, false},
    {"nor a value a cross", "sex=\"M, race=B\"", "sex*race", "M", "B", false, false},
    {"a value may be written without quotes", "income=>50K", "income", ">50K", NULL, true, true},
    {"a comparison by its bound", "age<25.0", "age < 25", "< 25", NULL, true, true},
    {"another bound is another slice", "age < 26", "age < 25", "< 25", NULL, false, false},
    {"one value declared by itself", "sex=Male", "sex = Male", "Male", NULL, true, true},
    {"which has no other", "sex=Female", "sex = Male", "Male", NULL, false, false},
    {"a missing value has its word", "sex=(missing)", "sex", NULL, NULL, true, true},
};

static void on_covers_its_slices(void **state)
{
    const struct on_row *row = *state;
    struct mlg_arena arena = {0};
    struct mlg_diagnostics list;
    struct mlg_slicing slicing;
    struct mlg_on on;
    const struct mlg_node node = {.type = MLG_NODE_SCALAR, .text = row->on, .size = strlen(row->on)};
    const char *const values[] = {row->value, row->second_value};
    mlg_diagnostics_init(&list, &arena);
    assert_true(!row->slicing || mlg_slicing_parse(row->slicing, &slicing, &node, &arena, &list));
    assert_true(mlg_on_parse(row->on, &on, &arena));
    assert_int_equal(mlg_on_fits(&on, row->slicing ? &slicing : NULL), row->fits);
    assert_int_equal(mlg_on_covers(&on, row->slicing ? &slicing : NULL, values), row->covers);
    mlg_arena_free(&arena);
}

static const char *const nonsense[] = {"sex=",        "=Male",  "sex=\"Male", "sex=\"\\q\"",
                                       "sex=a, race", "sex=a,", "",           "sex=\"a\"b"};

static void nonsense_names_no_slice(void **state)
{
    (void)state;
    struct mlg_arena arena = {0};
    struct mlg_on on;
    for (size_t i = 0; i < COUNT(nonsense); i++)
        assert_false(mlg_on_parse(nonsense[i], &on, &arena));
    mlg_arena_free(&arena);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(names) + COUNT(entries) + 1];
    size_t count = 0;
    NAMED_ROWS(tests, count, names, name_is_written_and_reads_back);
    NAMED_ROWS(tests, count, entries, on_covers_its_slices);
    tests[count++] =
        (struct CMUnitTest){"nonsense names no slice", nonsense_names_no_slice, NULL, NULL, NULL};
    return _cmocka_run_group_tests("slice_name", tests, count, NULL, NULL);
}
