/* Observers: the cells that they see, in which order, and what becomes of them when something is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/data/reader.h"
#include "mlgate/scan.h"
#include "mlgate/text.h"
#include "named_rows.h"
#include "world_memory.h"

#define DATA(...)                                                                                            \
    {                                                                                                        \
        .name = "test", .path = "x.csv", __VA_ARGS__                                                         \
    }

/* ---- an observer that writes down all it sees ------------------------------------------------------ */

struct seen_row {
    uint64_t position;
    char *text; /* "cell|cell" */
};

struct seen {
    size_t columns;
    const char *refused; /* a cell that observe makes an error of */
    bool begin_fails, end_fails;
    atomic_int begun, released;
    int ended;
    struct seen_row *rows; /* as end had them: one worker after the other */
    size_t count;
};

struct seen_by_worker {
    struct seen *seen;
    struct seen_row *rows;
    size_t count;
};

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static void *begin(void *context)
{
    struct seen *seen = context;
    if (seen->begin_fails)
        return NULL;
    struct seen_by_worker *worker = must(calloc(1, sizeof *worker));
    worker->seen = seen;
    seen->begun++;
    return worker;
}

static int observe(void *context, const struct mlg_observed *rows, struct mlg_error *error)
{
    struct seen_by_worker *worker = context;
    const struct seen *seen = worker->seen;
    worker->rows = must(realloc(worker->rows, (worker->count + rows->rows + 1) * sizeof *worker->rows));
    for (size_t i = 0; i < rows->rows; i++) {
        struct mlg_builder text;
        mlg_builder_init(&text, 0);
        for (size_t k = 0; k < seen->columns; k++) {
            const struct mlg_text cell = rows->cells[k][i];
            if (seen->refused && cell.size == strlen(seen->refused) &&
                memcmp(cell.bytes, seen->refused, cell.size) == 0) {
                mlg_builder_free(&text);
                return mlg_error_set(error, MLG_DATA, "'%s' is refused", seen->refused);
            }
            mlg_put_format(&text, "%s%.*s", k > 0 ? "|" : "", cell.bytes ? (int)cell.size : 9,
                           cell.bytes ? cell.bytes : "(missing)");
        }
        worker->rows[worker->count++] =
            (struct seen_row){rows->positions[i], must(strdup(text.data ? text.data : ""))};
        mlg_builder_free(&text);
    }
    return 0;
}

static int end(void *context, void *const *workers, size_t worker_count, struct mlg_error *error)
{
    struct seen *seen = context;
    seen->ended++;
    if (seen->end_fails)
        return mlg_error_set(error, MLG_LIMIT, "too much was seen");
    for (size_t i = 0; i < worker_count; i++) {
        const struct seen_by_worker *worker = workers[i];
        assert_true(worker->count > 0);
        seen->rows = must(realloc(seen->rows, (seen->count + worker->count) * sizeof *seen->rows));
        for (size_t r = 0; r < worker->count; r++)
            seen->rows[seen->count++] =
                (struct seen_row){worker->rows[r].position, must(strdup(worker->rows[r].text))};
    }
    return 0;
}

static void release(void *context)
{
    struct seen_by_worker *worker = context;
    worker->seen->released++;
    for (size_t i = 0; i < worker->count; i++)
        free(worker->rows[i].text);
    free(worker->rows);
    free(worker);
}

static struct mlg_observer observer_of(struct seen *seen, const char *const *columns)
{
    struct mlg_observer observer = {.columns = columns,
                                    .context = seen,
                                    .begin = begin,
                                    .observe = observe,
                                    .end = end,
                                    .release = release,
                                    .role = "features"};
    while (columns[observer.column_count])
        observer.column_count++;
    seen->columns = observer.column_count;
    return observer;
}

static void forget(struct seen *seen)
{
    for (size_t i = 0; i < seen->count; i++)
        free(seen->rows[i].text);
    free(seen->rows);
    seen->rows = NULL;
    seen->count = 0;
}

static int by_position(const void *left, const void *right)
{
    const struct seen_row *a = left, *b = right;
    return (a->position > b->position) - (a->position < b->position);
}

/* In the order of the file, a line a row. */
static char *text_of(struct seen *seen)
{
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    if (seen->count > 0)
        qsort(seen->rows, seen->count, sizeof *seen->rows, by_position);
    for (size_t i = 0; i < seen->count; i++) {
        if (i > 0) /* no two are the same */
            assert_true(seen->rows[i].position > seen->rows[i - 1].position);
        mlg_put_format(&text, "%s\n", seen->rows[i].text);
    }
    char *copy = must(strdup(text.data ? text.data : ""));
    mlg_builder_free(&text);
    return copy;
}

/* ---- fixture --------------------------------------------------------------------------------------- */

struct fixture {
    struct world_memory memory;
    struct mlg_arena arena;
    struct mlg_reader *reader;
    struct mlg_plan *plan;
    struct mlg_scan *scan;
    struct mlg_error error;
};

/* Small blocks, and threads for the smallest file: every row may be another worker's. */
static struct mlg_reader *open_table(struct fixture *f, const char *path, size_t block)
{
    struct mlg_reader_tuning tuning = mlg_reader_tuning_usual;
    struct mlg_reader *reader = NULL;
    tuning.block = block;
    tuning.threads_from = 0;
    const struct mlg_reader_options options = {.path = path, .decimal = '.'};
    assert_int_equal(
        mlg_reader_open_tuned(&f->memory.world, &f->arena, &options, &tuning, &reader, &f->error), 0);
    return reader;
}

static void open_source(struct fixture *f, const struct mlg_data *data, const char *csv, const char *labels,
                        size_t block)
{
    world_memory_init(&f->memory);
    mlg_arena_init(&f->arena, 0);
    world_memory_text(&f->memory, data->path, csv);
    if (labels)
        world_memory_text(&f->memory, data->labels_path, labels);
    f->reader = open_table(f, data->path, block);
    if (labels) {
        struct mlg_reader *other = open_table(f, data->labels_path, block);
        assert_int_equal(mlg_reader_join(&f->arena, f->reader, other, data->join, data->label, NULL, 0,
                                         &f->reader, &f->error),
                         0);
    }
    f->plan = mlg_plan_new(data, f->reader, &f->arena, &f->error);
    if (!f->plan)
        fail_msg("%s", f->error.text);
}

static int run(struct fixture *f, unsigned threads)
{
    return mlg_scan_run(f->plan, f->reader, &f->memory.world, threads, &f->arena, &f->scan, &f->error);
}

static void close_source(struct fixture *f)
{
    mlg_scan_free(f->scan);
    mlg_reader_close(f->reader);
    mlg_arena_free(&f->arena);
    world_memory_free(&f->memory);
}

static const unsigned thread_counts[] = {1, 2, 7};

/* ---- what is seen ---------------------------------------------------------------------------------- */

struct sight {
    const char *sentence;
    struct mlg_data data;
    const char *csv, *labels;
    unsigned reads;
    const char *columns[4];
    const char *expected;
};

#define JOINED .labels_path = "l.csv", .join = "id", .label = "y"

static const struct sight sights[] = {
    {"cells are seen as they are written, in the order asked",
     DATA(.label = "y"),
     "y,a,b\n1,1.0,x\n0,01,\"say \"\"hi\"\"\"\n1,\"x,y\",z\n",
     NULL,
     MLG_READS_LABEL,
     {"b", "a", "b"},
     "x|1.0|x\nsay \"hi\"|01|say \"hi\"\nz|x,y|z\n"},
    {"a source of which nothing else is read is seen too",
     DATA(.label = "y"),
     "y,a\n,1\n0,2\n",
     NULL,
     0,
     {"a"},
     "1\n2\n"},
    {"missing cells are seen as such and drop nothing",
     DATA(.label = "y"),
     "y,a,b\n1,,x\n0,NaN,\"\"\n0,NA,null\n",
     NULL,
     MLG_READS_LABEL,
     {"a", "b"},
     "(missing)|x\n(missing)|(missing)\n(missing)|(missing)\n"},
    {"columns that are roles are seen beside what the roles make of them",
     DATA(.label = "y", .score = {.column = "s"}),
     "y,s\n1,0.50\n0,.5\n",
     NULL,
     MLG_READS_LABEL | MLG_READS_LABEL_NUMBER | MLG_READS_SCORE,
     {"s", "y"},
     "0.50|1\n.5|0\n"},
    {"rows of weight 0 are seen",
     DATA(.label = "y", .weight = "w"),
     "y,w,a\n1,0,p\n1,1,q\n",
     NULL,
     MLG_READS_LABEL,
     {"a"},
     "p\nq\n"},
    {"rows that are dropped are not seen",
     DATA(.label = "y", .weight = "w", .missing = MLG_MISSING_DROP, .max_missing = 1),
     "y,w,a\n1,1,p\n,1,q\n0,1,\"r\"\"\"\nNA,1,s\n1,,t\n1,1,u\n",
     NULL,
     MLG_READS_LABEL,
     {"a", "y"},
     "p|1\nr\"|0\nu|1\n"},
    {"where labels are joined, columns of both files are seen, in the order of the predictions",
     DATA(JOINED),
     "id,p,a\n3,x,\"c\"\"\"\n1,y,\n2,z,b\n",
     "id,y,f\n1,0,\"u\"\"\"\n2,1,v\n3,1,\n",
     MLG_READS_LABEL,
     {"a", "f", "y", "id"},
     "c\"|(missing)|1|3\n(missing)|u\"|0|1\nb|v|1|2\n"},
    {"labels without a prediction and dropped rows are not seen",
     DATA(JOINED, .prediction = "p", .missing = MLG_MISSING_DROP, .max_missing = 1),
     "id,p,a\n5,x,e\n4,,d\n3,x,c\n1,y,a\n",
     "id,y,f\n1,y,q\n2,x,r\n3,,s\n4,x,t\n5,y,u\n",
     MLG_READS_LABEL | MLG_READS_PREDICTION,
     {"a", "f"},
     "e|u\na|q\n"},
};

static void test_sight(void **state)
{
    const struct sight *row = *state;
    static const size_t blocks[] = {1, 16, 4096};
    for (size_t b = 0; b < COUNT(blocks); b++)
        for (size_t t = 0; t < COUNT(thread_counts); t++) {
            struct fixture f = {0};
            struct seen seen = {0};
            const char *columns[COUNT(row->columns) + 1] = {0};
            memcpy(columns, row->columns, sizeof row->columns);
            const struct mlg_observer observer = observer_of(&seen, columns);
            open_source(&f, &row->data, row->csv, row->labels, blocks[b]);
            assert_int_equal(mlg_plan_reads(f.plan, row->reads, &f.error), 0);
            assert_int_equal(mlg_plan_observe(f.plan, &observer, &f.error), 0);
            if (run(&f, thread_counts[t]))
                fail_msg("%s", f.error.text);
            char *text = text_of(&seen);
            assert_string_equal(text, row->expected);
            assert_int_equal(seen.count, f.scan->rows);
            assert_int_equal(seen.ended, 1);
            assert_true(seen.begun >= 1 && seen.begun == seen.released);
            free(text);
            forget(&seen);
            close_source(&f);
        }
}

/* ---- beside kept rows ------------------------------------------------------------------------------ */

enum { ROWS = 30000, DROPPED_EVERY = 7 };

static char *numbered_rows(void)
{
    char *csv = must(malloc(ROWS * 40 + 64)), *at = csv;
    at += sprintf(at, "note,n,y\n");
    for (size_t i = 0; i < ROWS; i++)
        at += sprintf(at, "\"row \"\"%zu\"\"\",%zu,%s\n", i, i,
                      i % DROPPED_EVERY == 0 ? ""
                      : i % 2                ? "1"
                                             : "0");
    return csv;
}

/* Of two observers: rows stand in the order of those kept, for any number of threads, and row i of the file
 * has the same position each time. */
static void test_rows_stand_as_those_kept(void **state)
{
    (void)state;
    static const struct mlg_data data =
        DATA(.label = "y", .prediction = "n", .missing = MLG_MISSING_DROP, .max_missing = 1);
    static const char *const numbers[] = {"n", NULL}, *const notes[] = {"note", "n", NULL};
    uint64_t *positions = must(calloc(ROWS, sizeof *positions));
    char *csv = numbered_rows(), note[64];
    for (size_t t = 0; t < COUNT(thread_counts); t++) {
        struct fixture f = {0};
        struct seen seen = {0}, noted = {0};
        const struct mlg_observer first = observer_of(&seen, numbers), second = observer_of(&noted, notes);
        open_source(&f, &data, csv, NULL, 4096);
        assert_int_equal(mlg_plan_keep(f.plan, MLG_KEEP_LABEL | MLG_KEEP_PREDICTION_NUMBER, &f.error), 0);
        assert_int_equal(mlg_plan_observe(f.plan, &first, &f.error), 0);
        assert_int_equal(mlg_plan_observe(f.plan, &second, &f.error), 0);
        if (run(&f, thread_counts[t]))
            fail_msg("%s", f.error.text);
        assert_int_equal(f.scan->kept.count, ROWS - (ROWS + DROPPED_EVERY - 1) / DROPPED_EVERY);
        assert_int_equal(seen.count, f.scan->kept.count);
        assert_int_equal(noted.count, f.scan->kept.count);
        for (size_t i = 0; i < seen.count; i++) {
            const size_t n = (size_t)f.scan->kept.prediction_number[i];
            assert_true(n % DROPPED_EVERY != 0);
            assert_int_equal(strtoul(seen.rows[i].text, NULL, 10), n);
            snprintf(note, sizeof note, "row \"%zu\"|%zu", n, n);
            assert_string_equal(noted.rows[i].text, note);
            assert_true(noted.rows[i].position == seen.rows[i].position);
            assert_true(t == 0 || positions[n] == seen.rows[i].position);
            positions[n] = seen.rows[i].position;
        }
        forget(&seen);
        forget(&noted);
        close_source(&f);
    }
    for (size_t n = 2, before = 1; n < ROWS; n++)
        if (n % DROPPED_EVERY != 0) {
            assert_true(positions[n] > positions[before]);
            before = n;
        }
    free(positions);
    free(csv);
}

/* ---- what is wrong --------------------------------------------------------------------------------- */

struct trouble {
    const char *sentence;
    const char *csv;
    const char *refused;
    bool begin_fails, end_fails;
    int code, ended;
    const char *told;
};

static const struct trouble troubles[] = {
    {"what an observer refuses is the scan's error", "y,a\n1,p\n0,q\n1,r\n", "q", false, false, MLG_DATA, 0,
     "'q' is refused"},
    {"so is what its end refuses", "y,a\n1,p\n0,q\n", NULL, false, true, MLG_LIMIT, 1, "too much was seen"},
    {"an observer that does not begin lacks memory", "y,a\n1,p\n", NULL, true, false, MLG_LIMIT, 0,
     "reading the data source 'test' needs more memory than there is"},
    {"there is no end where a row is wrong", "y,a\n1,p\n,q\n", NULL, false, false, MLG_DATA, 0,
     "missing value in column 'y' (label)"},
    {"there is no end without rows", "y,a\n", NULL, false, false, MLG_DATA, 0, "'x.csv' has no rows"},
};

static void test_trouble(void **state)
{
    const struct trouble *row = *state;
    static const struct mlg_data data = DATA(.label = "y");
    static const char *const columns[] = {"a", NULL};
    for (size_t t = 0; t < COUNT(thread_counts); t++) {
        struct fixture f = {0};
        struct seen seen = {
            .refused = row->refused, .begin_fails = row->begin_fails, .end_fails = row->end_fails};
        struct seen other = {0};
        const struct mlg_observer first = observer_of(&other, columns), second = observer_of(&seen, columns);
        open_source(&f, &data, row->csv, NULL, 4);
        assert_int_equal(mlg_plan_reads(f.plan, MLG_READS_LABEL, &f.error), 0);
        assert_int_equal(mlg_plan_observe(f.plan, &first, &f.error), 0);
        assert_int_equal(mlg_plan_observe(f.plan, &second, &f.error), 0);
        assert_int_equal(run(&f, thread_counts[t]), row->code);
        if (strncmp(f.error.text, row->told, strlen(row->told)) != 0)
            fail_msg("'%s' does not begin with '%s'", f.error.text, row->told);
        assert_int_equal(seen.ended, row->ended);
        assert_int_equal(seen.begun, seen.released);
        assert_int_equal(other.begun, other.released);
        forget(&seen);
        forget(&other);
        close_source(&f);
    }
}

static void test_columns_of_a_plan(void **state)
{
    (void)state;
    static const struct mlg_data data = DATA(.label = "y");
    static const char *const unknown[] = {"a", "agee", NULL};
    struct fixture f = {0};
    struct seen seen = {0};
    struct mlg_observer observer = observer_of(&seen, unknown);
    const char *const *names = NULL;
    open_source(&f, &data, "y,a,age\n1,2,3\n", NULL, 4096);
    assert_int_equal(mlg_plan_columns(f.plan, &names), 3);
    assert_string_equal(names[0], "y");
    assert_string_equal(names[2], "age");
    assert_int_equal(mlg_plan_observe(f.plan, &observer, &f.error), MLG_CONFIG);
    assert_string_equal(f.error.text,
                        "column 'agee' (features) is not in 'x.csv'; did you mean 'age'? columns: y, a, age");
    observer.role = NULL;
    assert_int_equal(mlg_plan_observe(f.plan, &observer, &f.error), MLG_CONFIG);
    assert_string_equal(f.error.text,
                        "column 'agee' is not in 'x.csv'; did you mean 'age'? columns: y, a, age");
    /* A plan that knows no columns refuses none. */
    struct mlg_plan *keys = mlg_plan_of_keys(&data, 2, &f.arena);
    assert_non_null(keys);
    assert_int_equal(mlg_plan_columns(keys, &names), 0);
    assert_int_equal(mlg_plan_observe(keys, &observer, &f.error), 0);
    close_source(&f);
}

int main(void)
{
    static struct CMUnitTest tests[32];
    size_t count = 0;
    NAMED_ROWS(tests, count, sights, test_sight);
    NAMED_ROWS(tests, count, troubles, test_trouble);
    const struct CMUnitTest others[] = {
        {"rows are seen in the order of those kept, at the same positions for any number of threads",
         test_rows_stand_as_those_kept, NULL, NULL, NULL},
        {"a plan knows its columns, and an unknown one is told with the nearest", test_columns_of_a_plan,
         NULL, NULL, NULL},
    };
    for (size_t i = 0; i < COUNT(others); i++)
        tests[count++] = others[i];
    return _cmocka_run_group_tests("observer", tests, count, NULL, NULL);
}
