/* Cells of two sources as features: which columns are numbers, which categories, for any number of threads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/data/reader.h"
#include "../../lib/stats/watch.h"
#include "mlgate/text.h"
#include "named_rows.h"
#include "world_memory.h"

struct source {
    struct mlg_data data;
    struct mlg_reader *reader;
    struct mlg_plan *plan;
    struct mlg_scan *scan;
    struct mlg_watch *watch;
};

struct fixture {
    struct world_memory memory;
    struct mlg_arena arena;
    struct source sources[2];
    struct mlg_error error;
};

static void read_source(struct fixture *f, struct source *source, const char *name, const char *csv,
                        const char *decimal, const struct mlg_texts *columns, unsigned threads)
{
    struct mlg_reader_tuning tuning = mlg_reader_tuning_usual;
    struct mlg_watch *again = NULL;
    tuning.block = 1; /* every row may be another worker's */
    tuning.threads_from = 0;
    source->data = (struct mlg_data){.name = name, .path = name, .label = "y", .decimal = decimal};
    const struct mlg_reader_options options = {.path = name, .decimal = decimal[0], .delimiter = ';'};
    world_memory_text(&f->memory, name, csv);
    if (mlg_reader_open_tuned(&f->memory.world, &f->arena, &options, &tuning, &source->reader, &f->error) ||
        !(source->plan = mlg_plan_new(&source->data, source->reader, &f->arena, &f->error)) ||
        mlg_plan_reads(source->plan, MLG_READS_LABEL_NUMBER, &f->error) ||
        mlg_plan_keep(source->plan, MLG_KEEP_LABEL_NUMBER, &f->error) ||
        mlg_watch_columns(source->plan, &source->data, columns, &f->arena, &source->watch, &f->error) ||
        mlg_watch_columns(source->plan, &source->data, columns, &f->arena, &again, &f->error) ||
        mlg_scan_run(source->plan, source->reader, &f->memory.world, threads, &f->arena, &source->scan,
                     &f->error))
        fail_msg("%s", f->error.text);
    assert_ptr_equal(again, source->watch);
}

/* The row whose label is `label`, told as its cells. */
static void put_row(struct mlg_builder *out, const struct source *source, const struct mlg_features *features,
                    double label)
{
    for (size_t i = 0; i < features->rows; i++) {
        if (fabs(source->scan->kept.label_number[i] - label) > 0)
            continue;
        for (size_t c = 0; c < features->count; c++) {
            const struct mlg_feature *feature = &features->items[c];
            mlg_put(out, c > 0 ? "|" : "");
            if (feature->is_numeric)
                mlg_put_number(out, feature->numbers[i]);
            else
                mlg_put_format(out, "'%s'",
                               feature->codes[i] == MLG_CODE_MISSING ? "?"
                                                                     : feature->texts[feature->codes[i]]);
        }
        mlg_put(out, "\n");
    }
}

struct sight {
    const char *sentence, *decimal, *held_out, *train, *expected;
};

static const struct sight sights[] = {
    {"a column whose cells are numbers however they are written is one of numbers", ".",
     "a;b;y\n1;x;1\n2.50;y;2\n", "a;b;y\n1e2;x;1\n\"7\";y;2\n", "1|'x'\n2.5|'y'\n100|'x'\n7|'y'\n"},
    {"one text in either source makes it categories, of which equal numbers are one", ".",
     "a;b;y\n1;x;1\n1.0;5;2\n", "a;b;y\nq;1;1\n0.1e1;x;2\n", "'1'|'x'\n'1'|'5'\n'q'|'1'\n'1'|'x'\n"},
    {"missing cells are of either kind", ".", "a;b;y\n;x;1\nNA;;2\n3;y;3\n", "a;b;y\n4;z;1\n",
     "nan|'x'\nnan|'?'\n3|'y'\n4|'z'\n"},
    {"infinities are missing numbers, and texts among texts", ".", "a;b;y\n1;x;1\ninf;-inf;2\n",
     "a;b;y\n2;x;1\n", "1|'x'\nnan|'-inf'\n2|'x'\n"},
    {"the decimal mark is that of the source", ",", "a;b;y\n1,5;x;1\n", "a;b;y\n2;1.5;1\n",
     "1.5|'x'\n2|'1.5'\n"},
    {"one text of ten cells of a source is a missing number", ".",
     "a;b;y\n1;x;1\n2;x;2\n3;x;3\n4;x;4\n5;x;5\n6;x;6\n7;x;7\n8;x;8\n9;x;9\nno;x;10\n", "a;b;y\n1;x;1\n",
     "1|'x'\n2|'x'\n3|'x'\n4|'x'\n5|'x'\n6|'x'\n7|'x'\n8|'x'\n9|'x'\nnan|'x'\n1|'x'\n"},
    {"dates are seconds, alike in both sources", ".", "a;b;y\n1970-01-02;x;1\n1970-01-01T00:00:01Z;x;2\n",
     "a;b;y\n1970-01-01T00:01;x;1\n", "86400|'x'\n1|'x'\n60|'x'\n"},
    {"zero is zero", ".", "a;b;y\n-0;x;1\n", "a;b;y\n0;-0;1\n", "-0|'x'\n0|'0'\n"},
};

static void cells_become_numbers_or_categories(void **state)
{
    const struct sight *row = *state;
    static const char *const names[] = {"a", "b"};
    const struct mlg_texts columns = {.items = (const char **)names, .count = 2};
    for (unsigned threads = 1; threads <= 4; threads += 3) {
        static struct fixture f;
        struct mlg_features held_out, train;
        struct mlg_builder text;
        memset(&f, 0, sizeof f);
        world_memory_init(&f.memory);
        mlg_arena_init(&f.arena, 0);
        mlg_builder_init(&text, 0);
        read_source(&f, &f.sources[0], "test", row->held_out, row->decimal, &columns, threads);
        read_source(&f, &f.sources[1], "train", row->train, row->decimal, &columns, threads);
        if (mlg_watch_features(f.sources[0].watch, f.sources[1].watch, &f.arena, &held_out, &train, &f.error))
            fail_msg("%s", f.error.text);
        assert_int_equal(held_out.rows, f.sources[0].scan->kept.count);
        for (size_t label = 1; label <= held_out.rows; label++)
            put_row(&text, &f.sources[0], &held_out, (double)label);
        for (size_t label = 1; label <= train.rows; label++)
            put_row(&text, &f.sources[1], &train, (double)label);
        assert_string_equal(text.data, row->expected);
        mlg_builder_free(&text);
        for (size_t s = 0; s < 2; s++) {
            mlg_scan_free(f.sources[s].scan);
            mlg_reader_close(f.sources[s].reader);
        }
        mlg_arena_free(&f.arena);
        world_memory_free(&f.memory);
    }
}

static void a_column_of_too_many_texts_is_told(void **state)
{
    static const char *const names[] = {"a"};
    const struct mlg_texts columns = {.items = (const char **)names, .count = 1};
    static struct fixture f;
    struct mlg_features held_out, train;
    (void)state;
    char *csv = malloc(MLG_WATCH_TEXTS * 16ULL), *at = csv;
    assert_non_null(csv);
    at += sprintf(at, "a;y\n");
    for (int i = 0; i <= MLG_WATCH_TEXTS; i++)
        at += sprintf(at, "t%d;1\n", i);
    memset(&f, 0, sizeof f);
    world_memory_init(&f.memory);
    mlg_arena_init(&f.arena, 0);
    struct mlg_reader_options options = {.path = "test", .decimal = '.', .delimiter = ';'};
    struct source *source = &f.sources[0];
    source->data = (struct mlg_data){.name = "test", .path = "test", .label = "y", .decimal = "."};
    world_memory_text(&f.memory, "test", csv);
    if (mlg_reader_open(&f.memory.world, &f.arena, &options, &source->reader, &f.error) ||
        !(source->plan = mlg_plan_new(&source->data, source->reader, &f.arena, &f.error)) ||
        mlg_watch_columns(source->plan, &source->data, &columns, &f.arena, &source->watch, &f.error) ||
        mlg_scan_run(source->plan, source->reader, &f.memory.world, 2, &f.arena, &source->scan, &f.error))
        fail_msg("%s", f.error.text);
    assert_int_equal(mlg_watch_features(source->watch, NULL, &f.arena, &held_out, &train, &f.error),
                     MLG_DATA);
    assert_string_equal(f.error.text,
                        "column 'a' of 'test' has more than 1000000 different texts; name the columns "
                        "that are meant with 'features'");
    mlg_scan_free(source->scan);
    mlg_reader_close(source->reader);
    mlg_arena_free(&f.arena);
    world_memory_free(&f.memory);
    free(csv);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(sights) + 1];
    size_t count = 0;
    NAMED_ROWS(tests, count, sights, cells_become_numbers_or_categories);
    tests[count++] = (struct CMUnitTest)cmocka_unit_test(a_column_of_too_many_texts_is_told);
    return _cmocka_run_group_tests("watch", tests, count, NULL, NULL);
}
