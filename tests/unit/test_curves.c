/* Training logs: what each format gives, as one text, and what is said of those that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/curves.h"
#include "mlgate/text.h"
#include "named_rows.h"

struct row {
    const char *name;
    const char *content;
    const char *curves; /* "format unit; name: value@epoch/step:line ...;", "!" and a mistake, "(note)"; or */
    const char *told;   /* what is said of the log as a whole */
    size_t size;        /* 0: up to the final zero */
};

#define TWICE "holds two runs, or one that was counted anew; keep the rows of one run, or number them on"

static const struct row rows[] = {
    /* ---- tables ---- */
    {"Keras CSVLogger: a row is an epoch", "epoch,loss,val_loss\n0,0.7,0.8\n1,0.5,0.75\n",
     .curves = "csv epoch; loss: 0.7@0/-:2 0.5@1/-:3; val_loss: 0.8@0/-:2 0.75@1/-:3;"},
    {"Lightning metrics.csv: rows of train and validation take turns, with empty cells",
     "epoch,step,train_loss_epoch,val_loss\n0,9,,0.9\n0,9,0.8,\n1,19,,0.7\n1,19,0.6,\n",
     .curves = "csv epoch; train_loss_epoch: 0.8@0/9:3 0.6@1/19:5; val_loss: 0.9@0/9:2 0.7@1/19:4;"},
    {"delimiters are found, quotes and CRLF are read", "epoch;\"val loss\"\r\n1;\"0.5\"\r\n2;0.25\r\n",
     .curves = "csv epoch; val loss: 0.5@1/-:2 0.25@2/-:3;"},
    {"a column without a name is an index, and no series", ",loss\n0,0.5\n1,0.25\n",
     .curves = "csv epoch; loss: 0.5@-/-:2 0.25@-/-:3;"},
    {"a table may name no epochs", "loss\n0.5\n0.25\n", .curves = "csv epoch; loss: 0.5@-/-:2 0.25@-/-:3;"},
    {"not-a-number and infinities are values", "epoch,loss\n0,nan\n1,inf\n2,-inf\n3,NaN\n",
     .curves = "csv epoch; loss: nan@0/-:2 inf@1/-:3 -inf@2/-:4 nan@3/-:5;"},
    {"a column of words is no series", "epoch,phase,loss\n0,warm,1\n1,cold,0.5\n",
     .curves = "csv epoch; loss: 1@0/-:2 0.5@1/-:3;"},
    {"a word among numbers is a mistake of its column alone", "epoch,loss,val_loss\n0,1,2\n1,x,1\n",
     .curves =
         "csv epoch; loss: 1@0/-:2 !log:3: a value of 'loss' is no number, as others of it are; val_loss: "
         "2@0/-:2 1@1/-:3;"},
    {"a series that ends in empty cells may have ended in not-a-number",
     "epoch,loss,val_loss\n0,1,2\n1,0.5,1\n2,0.4,\n",
     .curves =
         "csv epoch; loss: 1@0/-:2 0.5@1/-:3 0.4@2/-:4; val_loss: 2@0/-:2 1@1/-:3 !log:4: 'val_loss' has no "
         "value from "
         "here on, and had one in every row before; not-a-number is often written so;"},
    {"a series that is measured now and then may end in empty cells",
     "epoch,loss,val_loss\n0,1,2\n1,0.5,\n2,0.4,1\n3,0.3,\n",
     .curves = "csv epoch; loss: 1@0/-:2 0.5@1/-:3 0.4@2/-:4 0.3@3/-:5; val_loss: 2@0/-:2 1@2/-:4;"},
    {"a resumed training takes the place of what it repeats", "epoch,loss\n0,5\n1,4\n2,3\n1,3.5\n2,2\n3,1\n",
     .curves = "csv epoch; loss: 5@0/-:2 3.5@1/-:5 2@2/-:6 1@3/-:7 (training was resumed at epoch 1 (line 5 "
               "of 'log'): "
               "what "
               "'loss' had from there on before does not count);"},
    {"a training that begins anew is another run", "epoch,loss\n0,5\n1,4\n0,3.5\n1,2\n",
     .curves =
         "csv epoch; loss: 5@0/-:2 4@1/-:3 !log:4: epoch 0 of 'loss' comes after epoch 1: the log " TWICE
         ";"},
    {"epochs in disorder are a mistake", "epoch,loss\n0,5\n3,4\n1,3.5\n",
     .curves =
         "csv epoch; loss: 5@0/-:2 4@3/-:3 !log:4: epoch 1 of 'loss' comes after epoch 3, and was not there "
         "before; rows "
         "stand in the order of training;"},
    {"several points of one epoch stand in the order of the file", "epoch,loss\n0,5\n0,4\n1,3\n1,2\n",
     .curves = "csv epoch; loss: 5@0/-:2 4@0/-:3 3@1/-:4 2@1/-:5;"},
    {"steps may begin anew in every epoch", "epoch,step,loss\n0,0,5\n0,1,4\n1,0,3\n1,1,2\n",
     .curves = "csv epoch; loss: 5@0/0:2 4@0/1:3 3@1/0:4 2@1/1:5;"},
    {"without epochs the steps say the order", "step,loss\n100,5\n200,4\n300,3\n200,2\n",
     .curves = "csv epoch; loss: 5@-/100:2 2@-/200:5 (training was resumed at step 200 (line 5 of 'log'): "
               "what 'loss' "
               "had from "
               "there on before does not count);"},
    {"a byte order mark and blank lines are nothing",
     "\xef\xbb\xbf"
     "epoch,loss\n0,1\n\n1,2\n\r\n",
     .curves = "csv epoch; loss: 1@0/-:2 2@1/-:4;"},
    {"a table without a header is an error", "0,0.5\n1,0.25\n",
     .told = "log:1: no names in the first line; a header line such as 'epoch,loss,val_loss' is needed"},
    {"a row of another length is an error", "epoch,loss\n0,1\n1\n",
     .told = "log:3: the row has 1 field, and the header line 2"},
    {"an epoch that is no number is an error", "epoch,loss\n0,1\nepoch,loss\n",
     .told = "log:3:1: 'epoch' is no epoch; a number is needed"},
    {"a column that occurs twice is an error", "loss,loss\n0,1\n",
     .told = "log:1:6: column 'loss' occurs twice"},
    {"an open quote is an error", "loss\n\"1\n", .told = "log:3:1: a quote is not closed"},
    {"text after a quote is an error", "epoch,loss\n0,\"1\"2\n",
     .told = "log:2:3: text after a closing quote"},
    {"a carriage return after a quote is text, where the line does not end", "\"a\"\r,b\n1,2\n",
     .told = "log:1:1: text after a closing quote"},
    {"a quote inside a field is an error", "epoch,phase,loss\n0,a \"b\",1\n",
     .told = "log:2:3: quote inside an unquoted field; a field that holds a quote is written in quotes, with "
             "the quote doubled"},
    {"a quote inside a name is an error, before it could hide the end of the header line",
     "a;b\";c;\"d\n2;2\";e\";f\n",
     .told = "log:1:3: quote inside an unquoted field; a field that holds a quote is written in quotes, with "
             "the quote doubled"},
    {"a name in quotes may span lines, and hold delimiters", "epoch,\"lo\nss, all\"\n0,1\n1,2\n",
     .curves = "csv epoch; lo\nss, all: 1@0/-:3 2@1/-:4;"},
    {"two delimiters are an error", "epoch;a,b\n1;2,3\n",
     .told = "log:1: the delimiter is not clear: the header line has 1 comma and 1 semicolon; write the "
             "table with one "
             "of them alone"},
    {"a zero byte is an error", "a\n1\0", .told = "log: zero byte in 'log'; CSV and JSON are text",
     .size = 4},
    {"words alone are no log", "hello\nworld\n",
     .told = "log: no series of numbers in 'log'; a CSV table with a header, JSON lines, trainer_state.json, "
             "evals_result and History.history as JSON are read"},
    {"nothing is no log", " \n", .told = "log: 'log' is empty; a training log is needed"},

    /* ---- JSON lines ---- */
    {"JSON lines: one object is a row", "{\"epoch\": 1, \"loss\": 0.7}\n{\"epoch\": 2, \"loss\": 0.5}\n",
     .curves = "jsonl epoch; loss: 0.7@1/-:1 0.5@2/-:2;"},
    {"the epoch may stand last, and other values say nothing",
     "{\"loss\": 0.7, \"tag\": \"x\", \"a\": [1, 2], \"ok\": true, \"step\": 10, \"epoch\": 1}\n\n"
     "{\"loss\": 0.5, \"tag\": \"y\", \"a\": [3], \"ok\": false, \"step\": 20, \"epoch\": 2}",
     .curves = "jsonl epoch; loss: 0.7@1/10:1 0.5@2/20:3;"},
    {"objects within are series of their own",
     "{\"train\": {\"loss\": 0.7}, \"val\": {\"loss\": 0.8}}\n{\"train\": {\"loss\": 0.5}, \"val\": "
     "{\"loss\": 0.9}}\n",
     .curves = "jsonl epoch; train/loss: 0.7@-/-:1 0.5@-/-:2; val/loss: 0.8@-/-:1 0.9@-/-:2;"},
    {"numbers as texts are numbers, as json.dump(default=str) writes them",
     "{\"loss\": \"0.7\"}\n{\"loss\": \"nan\"}\n", .curves = "jsonl epoch; loss: 0.7@-/-:1 nan@-/-:2;"},
    {"Python's NaN and Infinity are read", "{\"loss\": NaN}\n{\"loss\": Infinity}\n{\"loss\": -Infinity}\n",
     .curves = "jsonl epoch; loss: nan@-/-:1 inf@-/-:2 -inf@-/-:3;"},
    {"null at the end may be not-a-number", "{\"loss\": 1}\n{\"loss\": null}\n",
     .curves = "jsonl epoch; loss: 1@-/-:1 !log:2: 'loss' has no value from here on, and had one in every "
               "row before; "
               "not-a-number is often written so;"},
    {"escapes in keys are read", "{\"a\\u00e9\\n\\ud83d\\ude00\": 1}\n",
     .curves = "jsonl epoch; a\xc3\xa9\n\xf0\x9f\x98\x80: 1@-/-:1;"},
    {"W&B's trainer/global_step is a step",
     "{\"trainer/global_step\": 5, \"loss\": 1}\n{\"trainer/global_step\": 9, \"loss\": 2}\n",
     .curves = "jsonl epoch; loss: 1@-/5:1 2@-/9:2;"},
    {"a key twice in one row is an error", "{\"loss\": 1,\n \"loss\": 2}\n",
     .told = "log:2: 'loss' occurs twice in one row"},
    {"a line that was cut off is an error", "{\"loss\": 1}\n{\"loss\": 0.",
     .told = "log:2:12: the log ends within a value; a line that was cut off may be left out"},
    {"a line that is no object is an error", "{\"loss\": 1}\nloss 2\n",
     .told = "log:2:1: no object; JSON lines are objects, one to a line"},
    {"single quotes are an error", "{'loss': 1}\n", .told = "log:1:2: a key in double quotes is missing"},
    {"a missing comma is an error", "{\"loss\": 1 \"a\": 2}\n", .told = "log:1:12: a comma or } is missing"},
    {"a missing colon is an error", "{\"loss\" 1}\n", .told = "log:1:9: a colon is missing after the key"},
    {"a missing value is an error", "{\"loss\": }\n", .told = "log:1:10: a value is missing"},
    {"a word is an error", "{\"loss\": nan}\n",
     .told = "log:1:10: no JSON value; a number, a text in double quotes, true, false, null or NaN is"},
    {"an epoch that is a text is an error", "{\"loss\": 1, \"epoch\": \"one\"}\n",
     .told = "log:1: 'epoch' is no number"},
    {"a control character is an error", "{\"lo\nss\": 1}\n",
     .told = "log:1:5: control character in a text; a quote may be missing"},
    {"half a character is an error", "{\"\\ud83d\": 1}\n",
     .told = "log:1:9: an escape in a text stands for no character"},
    {"what is nested too deeply is an error", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
     .told = "log:1:34: objects and arrays are nested too deeply"},

    /* ---- arrays and trainers ---- */
    {"an array of objects has a row for each",
     "[{\"epoch\": 1, \"loss\": 3},\n {\"epoch\": 2, \"loss\": 2}]\n",
     .curves = "json epoch; loss: 3@1/-:1 2@2/-:2;"},
    {"text after an array is an error", "[{\"loss\": 3}] x",
     .told = "log:1:15: text after the end of the array"},
    {"Hugging Face: log_history has the rows, what stands beside it has none",
     "{\"best_metric\": 0.4,\n \"epoch\": 2.0, \"global_step\": 20, \"log_history\": [\n"
     "  {\"epoch\": 1.0, \"loss\": 0.7, \"step\": 10},\n  {\"epoch\": 1.0, \"eval_loss\": 0.6, \"step\": "
     "10},\n"
     "  {\"epoch\": 2.0, \"loss\": NaN, \"step\": 20},\n  {\"epoch\": 2.0, \"eval_loss\": 0.5, \"step\": "
     "20}],\n"
     " \"max_steps\": 20, \"stateful_callbacks\": {\"a\": {\"b\": 1}}}\n",
     .curves = "trainer_state epoch; loss: 0.7@1/10:3 nan@2/20:5; eval_loss: 0.6@1/10:4 0.5@2/20:6;"},
    {"text after a trainer's state is an error", "{\"log_history\": [{\"loss\": 1}]}\n{}",
     .told = "log:2:1: text after the end of the object"},

    /* ---- series as arrays ---- */
    {"XGBoost evals_result: an array for each metric of each set",
     "{\"validation_0\": {\"logloss\": [0.6, 0.5]}, \"validation_1\": {\"logloss\": [0.7, 0.8]}}",
     .curves =
         "evals_result round; validation_0/logloss: 0.6@-/-:1 0.5@-/-:1; validation_1/logloss: 0.7@-/-:1 "
         "0.8@-/-:1;"},
    {"Keras History.history: an array for each metric",
     "{\"loss\": [0.6, null],\n \"val_loss\": [0.7, NaN], \"none\": []}",
     .curves = "history epoch; loss: 0.6@-/-:1 nan@-/-:1; val_loss: 0.7@-/-:2 nan@-/-:2;"},
    {"an array of epochs says where the others' points stand",
     "{\"epoch\": [1, 2], \"loss\": [0.6, 0.5], \"other\": [1]}",
     .curves = "history epoch; loss: 0.6@1/-:1 0.5@2/-:1; other: 1@-/-:1;"},
    {"as pandas writes it: an object with the epochs as keys",
     "{\"loss\": {\"0\": 0.6, \"1\": null}, \"val_loss\": {\"0\": 0.7, \"1\": 0.8}}",
     .curves = "history epoch; loss: 0.6@0/-:1 nan@1/-:1; val_loss: 0.7@0/-:1 0.8@1/-:1;"},
    {"a word within an array is a mistake of that series", "{\"loss\": [0.6, \"x\"], \"val_loss\": [1, 2]}",
     .curves = "history epoch; loss: 0.6@-/-:1 !log:1: a value of 'loss' is no number, as others of it are; "
               "val_loss: "
               "1@-/-:1 2@-/-:1;"},
    {"an array that occurs twice is an error", "{\"loss\": [1], \"loss\": [2]}",
     .told = "log:1: 'loss' occurs twice"},
    {"arrays of a file of lines are no series",
     "{\"loss\": 2, \"sizes\": [1, 2]}\n{\"loss\": 1, \"sizes\": [3, 4]}\n",
     .curves = "jsonl epoch; loss: 2@-/-:1 1@-/-:2;"},
};

static void put_place(struct mlg_builder *out, double value)
{
    if (isnan(value))
        mlg_put(out, "-");
    else
        mlg_put_number(out, value);
}

static void put_curves(const struct mlg_curves *curves, struct mlg_builder *out)
{
    mlg_put_format(out, "%s %s;", curves->format, curves->unit);
    for (size_t i = 0; i < curves->count; i++) {
        const struct mlg_curve *curve = &curves->items[i];
        mlg_put_format(out, " %s:", curve->name);
        for (size_t k = 0; k < curve->count; k++) {
            mlg_put(out, " ");
            mlg_put_number(out, curve->points[k].value);
            mlg_put(out, "@");
            put_place(out, curve->points[k].epoch);
            mlg_put(out, "/");
            put_place(out, curve->points[k].step);
            mlg_put_format(out, ":%lu", curve->points[k].line);
        }
        if (curve->mistake)
            mlg_put_format(out, " !%s", curve->mistake);
        if (curve->note)
            mlg_put_format(out, " (%s)", curve->note);
        mlg_put(out, ";");
    }
}

static void says(void **state)
{
    const struct row *row = *state;
    struct mlg_arena arena;
    struct mlg_curves curves;
    struct mlg_error error = {0};
    struct mlg_builder out;
    const size_t size = row->size ? row->size : strlen(row->content);
    mlg_arena_init(&arena, 0);
    mlg_builder_init(&out, 0);
    /* bytes of their own, so that reading beyond them is seen */
    char *bytes = malloc(size + (size == 0));
    assert_non_null(bytes);
    memcpy(bytes, row->content, size);
    const int code = mlg_curves_parse("log", bytes, size, &arena, &curves, &error);
    assert_int_equal(code, error.code);
    if (code == MLG_OK)
        put_curves(&curves, &out);
    else if (error.place.column)
        mlg_put_format(&out, "%s:%lu:%u: %s", error.place.file, error.place.line, error.place.column,
                       error.text);
    else if (error.place.line)
        mlg_put_format(&out, "%s:%lu: %s", error.place.file, error.place.line, error.text);
    else
        mlg_put_format(&out, "%s: %s", error.place.file, error.text);
    assert_string_equal(out.data, row->curves ? row->curves : row->told);
    mlg_builder_free(&out);
    mlg_arena_free(&arena);
    free(bytes);
}

/* One series more, or one point more, than may be. */
static void limits_are_told(void **state)
{
    struct mlg_builder text;
    struct mlg_arena arena;
    struct mlg_curves curves;
    struct mlg_error error = {0};
    (void)state;
    mlg_arena_init(&arena, 0);
    mlg_builder_init(&text, 0);
    mlg_put(&text, "{");
    for (int i = 0; i <= MLG_CURVES_SERIES; i++)
        mlg_put_format(&text, "%s\"s%d\": 1", i ? "," : "", i);
    mlg_put(&text, "}");
    assert_int_equal(mlg_curves_parse("log", text.data, text.size, &arena, &curves, &error), MLG_LIMIT);
    assert_string_equal(error.text, "more than 10000 series in 'log'");
    mlg_builder_free(&text);
    mlg_builder_init(&text, 0);
    mlg_put(&text, "{\"loss\": [0");
    for (int i = 0; i < MLG_CURVES_POINTS; i++)
        mlg_put(&text, ",0");
    mlg_put(&text, "]}");
    assert_int_equal(mlg_curves_parse("log", text.data, text.size, &arena, &curves, &error), MLG_LIMIT);
    assert_string_equal(error.text, "more than 2000000 points in one log");
    assert_int_equal(error.place.line, 1);
    mlg_builder_free(&text);
    mlg_arena_free(&arena);
}

/* Every prefix of every log ends well: bytes beyond it are not read, and no memory is no crash. */
static void any_prefix_and_any_memory_will_do(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const size_t size = strlen(rows[i].content);
        for (size_t cut = 0; cut <= size; cut++) {
            struct mlg_arena arena;
            struct mlg_curves curves;
            struct mlg_error error = {0};
            char *bytes = malloc(cut + 1);
            assert_non_null(bytes);
            memcpy(bytes, rows[i].content, cut);
            bytes[cut] = '7'; /* would be one digit more */
            mlg_arena_init(&arena, cut == size ? 600 : 0);
            const int code = mlg_curves_parse("log", bytes, cut, &arena, &curves, &error);
            assert_int_equal(code, error.code);
            assert_true(code == MLG_OK || error.text[0]);
            mlg_arena_free(&arena);
            free(bytes);
        }
    }
}

int main(void)
{
    enum { FIXED = 2 };
    struct CMUnitTest tests[FIXED + COUNT(rows)] = {
        cmocka_unit_test(limits_are_told),
        cmocka_unit_test(any_prefix_and_any_memory_will_do),
    };
    size_t count = FIXED;
    NAMED_ROWS(tests, count, rows, says);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
