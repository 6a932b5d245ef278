/* column_profile.c: hypotheses of every column, dropped at the first cell that speaks against them. */
#include "column_profile.h"

#include <stdlib.h>
#include <string.h>

enum { SAMPLE = 64 * 1024, FIRST_SAMPLE = 64, GROWS = 4 };

/* Rows one after the other of which every one is more than that before. */
struct run {
    uint64_t first_at;
    int64_t first, last;
};

struct column {
    bool grows, constant, may_name, any;
    struct mlg_hash value; /* of the first cell */
    char *text;            /* of the first cell, as it is written */
    size_t size;
    struct run *runs; /* one a batch */
    size_t run_count, run_capacity;
    uint64_t *sample; /* hashes of the first cells */
    size_t sample_count, sample_capacity;
};

struct worker {
    struct mlg_column_profile *profile;
    struct mlg_row_words words;
    uint64_t rows;
    bool no_memory;
    struct column columns[];
};

static void forget(struct column *column)
{
    if (!column->grows) {
        free(column->runs);
        column->runs = NULL;
        column->run_count = column->run_capacity = 0;
    }
    if (!column->may_name) {
        free(column->sample);
        column->sample = NULL;
        column->sample_count = column->sample_capacity = 0;
    }
}

static void *profile_begin(void *context)
{
    struct mlg_column_profile *profile = context;
    struct worker *worker = calloc(1, sizeof *worker + profile->column_count * sizeof *worker->columns);
    if (!worker)
        return NULL;
    worker->profile = profile;
    for (size_t c = 0; c < profile->column_count; c++)
        worker->columns[c].grows = worker->columns[c].constant = worker->columns[c].may_name = true;
    return worker;
}

static void profile_release(void *context)
{
    struct worker *worker = context;
    if (!worker)
        return;
    for (size_t c = 0; c < worker->profile->column_count; c++) {
        free(worker->columns[c].text);
        free(worker->columns[c].runs);
        free(worker->columns[c].sample);
    }
    mlg_row_words_free(&worker->words);
    free(worker);
}

static bool as_integer(struct mlg_text cell, int64_t *value)
{
    enum { DIGITS = 18 };
    const bool negative = cell.size > 0 && cell.bytes[0] == '-';
    if (!cell.bytes || cell.size == negative || cell.size - negative > DIGITS)
        return false;
    int64_t number = 0;
    for (size_t i = negative; i < cell.size; i++) {
        if (cell.bytes[i] < '0' || cell.bytes[i] > '9')
            return false;
        number = number * 10 + (cell.bytes[i] - '0');
    }
    *value = negative ? -number : number;
    return true;
}

static bool hash_cell(struct worker *worker, struct mlg_text cell, struct mlg_hash *hash,
                      enum mlg_cell_kind *kind)
{
    struct mlg_row_words *words = &worker->words;
    words->count = 0;
    if (!mlg_row_words_reserve(words, mlg_cell_room_words(cell.size)))
        return false;
    const size_t count = mlg_cell_words(cell, worker->profile->decimal, words->words, kind);
    *hash = mlg_hash_words(worker->profile->key, words->words, count);
    return true;
}

static bool same_text(const struct column *column, struct mlg_text cell)
{
    const size_t size = cell.bytes ? cell.size : 0;
    return column->size == size && (size == 0 || memcmp(column->text, cell.bytes, size) == 0);
}

static bool see_constant(struct worker *worker, struct column *column, const struct mlg_text *cells,
                         size_t rows)
{
    struct mlg_hash hash;
    if (!column->any) {
        column->any = true;
        column->size = cells[0].bytes ? cells[0].size : 0;
        column->text = malloc(column->size + 1);
        if (!column->text || !hash_cell(worker, cells[0], &column->value, NULL))
            return false;
        if (cells[0].bytes && column->size > 0)
            memcpy(column->text, cells[0].bytes, column->size);
    }
    for (size_t i = 0; i < rows && column->constant; i++) {
        if (same_text(column, cells[i]))
            continue;
        if (!hash_cell(worker, cells[i], &hash, NULL))
            return false;
        column->constant = mlg_hash_equal(hash, column->value);
    }
    return true;
}

static bool see_growth(struct column *column, const struct mlg_observed *rows, const struct mlg_text *cells)
{
    int64_t first = 0, last = 0, value;
    column->grows = as_integer(cells[0], &first);
    last = first;
    for (size_t i = 1; i < rows->rows && column->grows; i++) {
        column->grows = as_integer(cells[i], &value) && value > last;
        last = value;
    }
    if (!column->grows)
        return true;
    if (column->run_count == column->run_capacity) {
        const size_t capacity = column->run_capacity ? column->run_capacity * 2 : 16;
        struct run *grown = realloc(column->runs, capacity * sizeof *grown);
        if (!grown)
            return false;
        column->runs = grown;
        column->run_capacity = capacity;
    }
    column->runs[column->run_count++] = (struct run){rows->positions[0], first, last};
    return true;
}

static int by_word(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static bool has_twins(uint64_t *words, size_t count)
{
    if (count == 0)
        return false;
    qsort(words, count, sizeof *words, by_word);
    for (size_t i = 1; i < count; i++)
        if (words[i] == words[i - 1])
            return true;
    return false;
}

static bool is_no_name(struct worker *worker, struct mlg_text cell, bool *memory)
{
    enum mlg_cell_kind kind = MLG_CELL_IS_MISSING;
    struct mlg_hash hash;
    int64_t value;
    *memory = true;
    if (!cell.bytes || cell.size == 0)
        return true;
    if (as_integer(cell, &value))
        return false;
    *memory = hash_cell(worker, cell, &hash, &kind);
    return kind != MLG_CELL_IS_TEXT;
}

static bool add_sample(struct worker *worker, struct column *column, struct mlg_text cell)
{
    struct mlg_hash hash;
    if (column->sample_count == SAMPLE)
        return true;
    if (column->sample_count == column->sample_capacity) {
        column->may_name = !has_twins(column->sample, column->sample_count);
        const size_t capacity = column->sample_capacity ? column->sample_capacity * GROWS : FIRST_SAMPLE;
        uint64_t *grown = realloc(column->sample, capacity * sizeof *grown);
        if (!grown)
            return false;
        column->sample = grown;
        column->sample_capacity = capacity;
    }
    if (!hash_cell(worker, cell, &hash, NULL))
        return false;
    column->sample[column->sample_count++] = hash.words[0];
    return true;
}

/* All cells are looked at for what names no row, and some of them for twins. */
static bool see_names(struct worker *worker, struct column *column, const struct mlg_text *cells, size_t rows)
{
    bool memory = true;
    for (size_t i = 0; i < rows && column->may_name && memory; i++) {
        column->may_name = !is_no_name(worker, cells[i], &memory);
        if (column->may_name && memory)
            memory = add_sample(worker, column, cells[i]);
    }
    return memory;
}

static int profile_see(void *context, const struct mlg_observed *rows, struct mlg_error *error)
{
    struct worker *worker = context;
    (void)error;
    worker->rows += rows->rows;
    if (rows->rows == 0 || worker->no_memory)
        return MLG_OK;
    for (size_t c = 0; c < worker->profile->column_count; c++) {
        struct column *column = &worker->columns[c];
        const struct mlg_text *cells = rows->cells[c];
        if (!column->grows && !column->constant && !column->may_name)
            continue;
        if ((column->constant && !see_constant(worker, column, cells, rows->rows)) ||
            (column->grows && !see_growth(column, rows, cells)) ||
            (column->may_name && !see_names(worker, column, cells, rows->rows)))
            worker->no_memory = true;
        forget(column);
    }
    return MLG_OK;
}

static int by_place(const void *a, const void *b)
{
    const uint64_t x = ((const struct run *)a)->first_at, y = ((const struct run *)b)->first_at;
    return (x > y) - (x < y);
}

/* Do the runs of all workers, one after the other in the file, grow on? False without memory too. */
static bool grows_on(struct worker *const *workers, size_t worker_count, size_t c, int64_t *span)
{
    size_t count = 0, at = 0;
    for (size_t i = 0; i < worker_count; i++)
        count += workers[i]->columns[c].run_count;
    struct run *runs = malloc((count + 1) * sizeof *runs);
    if (!runs)
        return false;
    for (size_t i = 0; i < worker_count; i++) {
        const struct column *column = &workers[i]->columns[c];
        if (column->run_count > 0)
            memcpy(runs + at, column->runs, column->run_count * sizeof *runs);
        at += column->run_count;
    }
    qsort(runs, count, sizeof *runs, by_place);
    bool grows = count > 0;
    for (size_t i = 1; i < count && grows; i++)
        grows = runs[i].first > runs[i - 1].last;
    *span = grows ? runs[count - 1].last - runs[0].first : 0;
    free(runs);
    return grows;
}

static struct mlg_column_traits traits_of(struct worker *const *workers, size_t worker_count, size_t c)
{
    struct mlg_column_traits traits = {
        .grows = true, .constant = true, .may_name = true, .value = workers[0]->columns[c].value};
    for (size_t i = 0; i < worker_count; i++) {
        struct column *column = &workers[i]->columns[c];
        traits.grows &= column->grows;
        traits.constant &= column->constant && mlg_hash_equal(column->value, traits.value);
        traits.may_name &= column->may_name && !has_twins(column->sample, column->sample_count);
    }
    traits.grows = traits.grows && grows_on(workers, worker_count, c, &traits.span);
    return traits;
}

static int profile_end(void *context, void *const *observed, size_t worker_count, struct mlg_error *error)
{
    struct mlg_column_profile *profile = context;
    struct worker *const *workers = (struct worker *const *)observed;
    bool no_memory = false;
    (void)error;
    profile->ended = true;
    for (size_t i = 0; i < worker_count; i++) {
        profile->rows += workers[i]->rows;
        no_memory |= workers[i]->no_memory;
    }
    if (no_memory || worker_count == 0)
        return MLG_OK;
    profile->traits = MLG_NEW_ARRAY(profile->arena, struct mlg_column_traits, profile->column_count + 1);
    for (size_t c = 0; profile->traits && c < profile->column_count; c++)
        profile->traits[c] = traits_of(workers, worker_count, c);
    return MLG_OK;
}

void mlg_column_profile_observe(struct mlg_column_profile *profile)
{
    profile->observer = (struct mlg_observer){.columns = profile->columns,
                                              .column_count = profile->column_count,
                                              .context = profile,
                                              .begin = profile_begin,
                                              .observe = profile_see,
                                              .end = profile_end,
                                              .release = profile_release};
}

const struct mlg_column_traits *mlg_column_traits_of(const struct mlg_column_profile *profile,
                                                     const char *column)
{
    if (!profile->traits || profile->rows < MLG_PROFILE_ROWS)
        return NULL;
    for (size_t c = 0; c < profile->column_count; c++)
        if (strcmp(profile->columns[c], column) == 0)
            return &profile->traits[c];
    return NULL;
}
