/* row_look.c: a sink that knows the rows it waits for, and compares the others with those of the same hash.
 */
#include "row_look.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* ---- confirmation -------------------------------------------------------------------------------- */

struct mlg_confirmation {
    const struct mlg_hash *hashes;
    size_t count, mask, most;
    uint32_t *slots;            /* index + 1 of a hash; 0: free */
    _Atomic(uint64_t *) *words; /* per hash: how many words, then those of the row that was met first */
    atomic_size_t bytes;
    atomic_bool refuted, partial;
};

struct mlg_confirmation *mlg_confirmation_new(const struct mlg_hash *hashes, size_t count, size_t most)
{
    struct mlg_confirmation *made = calloc(1, sizeof *made);
    if (!made || count >= UINT32_MAX / 4) {
        free(made);
        return NULL;
    }
    size_t slots = 16;
    while (slots < count * 4) /* most rows are not among them: they are to meet a free slot at once */
        slots *= 2;
    made->hashes = hashes;
    made->count = count;
    made->mask = slots - 1;
    made->most = most ? most : (size_t)256 << 20;
    made->slots = calloc(slots, sizeof *made->slots);
    made->words = calloc(count + 1, sizeof *made->words);
    if (!made->slots || !made->words) {
        mlg_confirmation_free(made);
        return NULL;
    }
    for (size_t i = 0; i < count; i++) {
        size_t slot = (size_t)hashes[i].words[1] & made->mask;
        while (made->slots[slot])
            slot = (slot + 1) & made->mask;
        made->slots[slot] = (uint32_t)i + 1;
    }
    return made;
}

void mlg_confirmation_free(struct mlg_confirmation *confirmation)
{
    if (!confirmation)
        return;
    for (size_t i = 0; confirmation->words && i < confirmation->count; i++)
        free(atomic_load(&confirmation->words[i]));
    free(confirmation->slots);
    free((void *)confirmation->words);
    free(confirmation);
}

bool mlg_confirmation_refuted(const struct mlg_confirmation *confirmation)
{
    return atomic_load(&((struct mlg_confirmation *)(uintptr_t)confirmation)->refuted);
}

bool mlg_confirmation_partial(const struct mlg_confirmation *confirmation)
{
    return atomic_load(&((struct mlg_confirmation *)(uintptr_t)confirmation)->partial);
}

static void compare(struct mlg_confirmation *confirmation, const uint64_t *known,
                    const struct mlg_row_words *row)
{
    if (known[0] != row->count || memcmp(known + 1, row->words, row->count * sizeof *row->words) != 0)
        atomic_store(&confirmation->refuted, true);
}

bool mlg_confirm_row(struct mlg_confirmation *confirmation, struct mlg_hash hash,
                     const struct mlg_row_words *row)
{
    size_t slot = (size_t)hash.words[1] & confirmation->mask;
    for (; confirmation->slots[slot]; slot = (slot + 1) & confirmation->mask)
        if (mlg_hash_equal(confirmation->hashes[confirmation->slots[slot] - 1], hash))
            break;
    if (!confirmation->slots[slot])
        return false;
    _Atomic(uint64_t *) *place = &confirmation->words[confirmation->slots[slot] - 1];
    uint64_t *known = atomic_load_explicit(place, memory_order_acquire);
    if (known) {
        compare(confirmation, known, row);
        return true;
    }
    const size_t bytes = (row->count + 1) * sizeof *row->words;
    uint64_t *words = NULL;
    if (atomic_fetch_add(&confirmation->bytes, bytes) <= confirmation->most)
        words = malloc(bytes);
    if (!words) {
        atomic_store(&confirmation->partial, true);
        return true;
    }
    words[0] = row->count;
    memcpy(words + 1, row->words, row->count * sizeof *row->words);
    if (!atomic_compare_exchange_strong(place, &known, words)) { /* another thread came first */
        free(words);
        compare(confirmation, known, row);
    }
    return true;
}

/* ---- looking ------------------------------------------------------------------------------------- */

struct looker {
    const struct mlg_row_look *look;
    atomic_size_t *left;           /* wanted rows that were not met yet */
    const struct mlg_text **cells; /* [column] */
    struct mlg_row_words row;
    size_t confirmed; /* rows that were met as they were before */
    bool no_memory;
};

static void copy_text(char out[MLG_LOOKED_TEXT], struct mlg_text cell)
{
    static const char cut[] = "\xe2\x80\xa6";
    size_t size = cell.bytes ? cell.size : 0;
    const bool is_cut = size > MLG_LOOKED_TEXT - 1;
    if (is_cut) {
        size = MLG_LOOKED_TEXT - sizeof cut;
        while (size > 0 && ((unsigned char)cell.bytes[size] & 0xc0) == 0x80)
            size--;
    }
    if (size > 0)
        memcpy(out, cell.bytes, size);
    memcpy(out + size, is_cut ? cut : "", is_cut ? sizeof cut : 1);
}

/* The first of the wanted rows that is not before `position`. */
static size_t from_position(const struct mlg_looked *rows, size_t count, uint64_t position)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (rows[middle].position < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The same of plain positions. */
static size_t first_from(const uint64_t *positions, size_t count, uint64_t position)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (positions[middle] < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The row of the batch with that position, from row `first` on; batch->rows: it has none. Positions rise. */
static size_t row_at(const struct mlg_batch *batch, size_t first, uint64_t position)
{
    size_t low = first, high = batch->rows;
    while (low < high) {
        const size_t middle = (low + high) / 2;
        if (mlg_batch_position(batch, middle) < position)
            low = middle + 1;
        else
            high = middle;
    }
    return low < batch->rows && mlg_batch_position(batch, low) == position ? low : batch->rows;
}

static void meet_rows(struct looker *looker, const struct mlg_batch *batch)
{
    const struct mlg_row_look *look = looker->look;
    const uint64_t last = mlg_batch_position(batch, batch->rows - 1);
    for (size_t at = from_position(look->rows, look->row_count, mlg_batch_position(batch, 0));
         at < look->row_count && look->rows[at].position <= last; at++) {
        struct mlg_looked *row = &look->rows[at];
        const size_t i = row_at(batch, 0, row->position);
        if (i == batch->rows)
            continue;
        row->line = mlg_batch_place(batch, i).line;
        if (look->column_count > 0)
            copy_text(row->cell, batch->columns[0].texts[i]);
        if (look->id)
            copy_text(row->id, batch->columns[look->column_count].texts[i]);
        row->seen = true;
        atomic_fetch_sub(looker->left, 1);
    }
}

static bool hash_row(struct looker *looker, const struct mlg_text *const *cells, size_t row,
                     struct mlg_hash *hash)
{
    const struct mlg_row_look *look = looker->look;
    looker->no_memory |= !mlg_row_words_of(&looker->row, cells, look->column_count, row, look->decimal);
    if (!looker->no_memory)
        *hash = mlg_hash_words(look->key, looker->row.words, looker->row.count);
    return !looker->no_memory;
}

static void confirm_rows(struct looker *looker, const struct mlg_batch *batch,
                         const struct mlg_text *const *cells)
{
    const struct mlg_row_look *look = looker->look;
    const uint64_t last = mlg_batch_position(batch, batch->rows - 1);
    size_t at = first_from(look->confirmed, look->confirmed_count, mlg_batch_position(batch, 0));
    for (size_t row = 0; at < look->confirmed_count && look->confirmed[at] <= last; at++) {
        struct mlg_hash hash;
        const size_t found = row_at(batch, row, look->confirmed[at]);
        if (found == batch->rows)
            continue;
        row = found + 1;
        if (!hash_row(looker, cells, found, &hash))
            return;
        looker->confirmed += mlg_confirm_row(look->confirmation, hash, &looker->row);
    }
}

static int look_at(void *context, const struct mlg_batch *batch, struct mlg_error *error)
{
    struct looker *looker = context;
    const struct mlg_row_look *look = looker->look;
    if (batch->rows == 0)
        return MLG_OK;
    meet_rows(looker, batch);
    if (!look->confirmation)
        return atomic_load(looker->left) > 0 ? MLG_OK
                                             : mlg_error_set(error, MLG_INTERNAL, "all rows are found");
    for (size_t i = 0; i < look->column_count; i++)
        looker->cells[i] = batch->columns[i].texts;
    if (look->confirmation)
        confirm_rows(looker, batch, looker->cells);
    return looker->no_memory ? mlg_error_set(error, MLG_LIMIT, "no memory to compare rows") : MLG_OK;
}

static bool read_all(const struct mlg_row_look *look, struct mlg_reader *reader, struct looker *lookers,
                     void **contexts, struct mlg_column_request *requests, unsigned threads)
{
    atomic_size_t left;
    atomic_init(&left, look->row_count);
    size_t count = 0;
    for (; count < look->column_count; count++)
        requests[count] = (struct mlg_column_request){.name = look->columns[count],
                                                      .decode = MLG_DECODE_TEXT,
                                                      .on_missing = MLG_ON_MISSING_KEEP,
                                                      .takes_nested = true, /* it was looked at before */
                                                      .role = "column"};
    if (look->id)
        requests[count++] = (struct mlg_column_request){
            .name = look->id, .decode = MLG_DECODE_TEXT, .on_missing = MLG_ON_MISSING_KEEP, .role = "id"};
    for (unsigned i = 0; i < threads; i++) {
        lookers[i].cells = calloc(look->column_count + 1, sizeof *lookers[i].cells);
        if (!lookers[i].cells)
            return false;
        lookers[i].look = look;
        lookers[i].left = &left;
        contexts[i] = &lookers[i];
    }
    struct mlg_read_summary summary;
    struct mlg_error ignored = {0};
    const int code =
        mlg_reader_read(reader, requests, count, threads, look_at, contexts, NULL, 0, &summary, &ignored);
    const bool whole = !look->confirmation; /* it stops where all is found */
    /* A row that is not what it was is one of another file. */
    size_t confirmed = 0;
    for (unsigned i = 0; i < threads; i++)
        confirmed += lookers[i].confirmed;
    if (look->confirmation && confirmed != look->confirmed_count)
        return false;
    return (code == MLG_OK || (whole && code != MLG_WORLD)) && atomic_load(&left) == 0;
}

bool mlg_row_look(const struct mlg_row_look *look)
{
    struct mlg_overfit_view *view = look->view;
    struct mlg_reader *reader = NULL;
    struct mlg_error ignored = {0};
    if (look->row_count == 0 && !look->confirmation)
        return true;
    if (!view->reopen || view->reopen(view->context, look->source, &reader, &ignored))
        return false;
    const unsigned threads = mlg_threads(view->threads);
    struct looker *lookers = calloc(threads, sizeof *lookers);
    void **contexts = calloc(threads, sizeof *contexts);
    struct mlg_column_request *requests = calloc(look->column_count + 2, sizeof *requests);
    const bool ready = lookers && contexts && requests;
    const bool had = ready && read_all(look, reader, lookers, contexts, requests, threads);
    for (unsigned i = 0; lookers && i < threads; i++) {
        mlg_row_words_free(&lookers[i].row);
        free((void *)lookers[i].cells);
    }
    free(lookers);
    free(contexts);
    free(requests);
    mlg_reader_close(reader);
    return had;
}

/* ---- observers once more -------------------------------------------------------------------------- */

enum { AGAIN_ROWS = 1024 };

struct again {
    const struct mlg_observer *observer;
    const uint64_t *wanted; /* NULL: all */
    size_t wanted_count, met;
    void *observed;
    const struct mlg_text **cells; /* [column], into the batch */
    uint64_t positions[AGAIN_ROWS];
};

/* Rows first .. first + rows of the batch, of which `positions` are filled. */
static int show(struct again *again, const struct mlg_batch *batch, size_t first, size_t rows,
                struct mlg_error *error)
{
    const struct mlg_observed seen = {.rows = rows, .cells = again->cells, .positions = again->positions};
    for (size_t c = 0; c < again->observer->column_count; c++)
        again->cells[c] = batch->columns[c].texts + first;
    again->met += rows;
    return rows > 0 ? again->observer->observe(again->observed, &seen, error) : MLG_OK;
}

static int show_again(void *context, const struct mlg_batch *batch, struct mlg_error *error)
{
    struct again *again = context;
    size_t at = batch->rows > 0 && again->wanted
                    ? first_from(again->wanted, again->wanted_count, mlg_batch_position(batch, 0))
                    : 0;
    size_t first = 0, rows = 0;
    int code = MLG_OK;
    for (size_t i = 0; i < batch->rows && code == MLG_OK; i++) {
        const uint64_t position = mlg_batch_position(batch, i);
        const bool is_wanted = again->wanted ? at < again->wanted_count && again->wanted[at] == position
                                             : position != UINT64_MAX;
        at += is_wanted;
        if (!is_wanted || rows == AGAIN_ROWS) { /* shown are rows that stand one after the other */
            code = show(again, batch, first, rows, error);
            rows = 0;
        }
        if (is_wanted) {
            first = rows == 0 ? i : first;
            again->positions[rows++] = position;
        }
    }
    return code == MLG_OK ? show(again, batch, first, rows, error) : code;
}

static bool read_again(struct mlg_reader *reader, struct again *agains, void **contexts, unsigned threads)
{
    const struct mlg_observer *observer = agains[0].observer;
    struct mlg_column_request *requests = calloc(observer->column_count + 1, sizeof *requests);
    struct mlg_read_summary summary;
    struct mlg_error ignored = {0};
    bool ready = requests != NULL;
    for (size_t c = 0; ready && c < observer->column_count; c++)
        requests[c] = (struct mlg_column_request){.name = observer->columns[c],
                                                  .decode = MLG_DECODE_TEXT,
                                                  .on_missing = MLG_ON_MISSING_KEEP,
                                                  .takes_nested = true,
                                                  .role = "column"};
    for (unsigned i = 0; ready && i < threads; i++)
        contexts[i] = &agains[i];
    ready = ready && mlg_reader_read(reader, requests, observer->column_count, threads, show_again, contexts,
                                     NULL, 0, &summary, &ignored) == MLG_OK;
    free(requests);
    size_t met = 0, count = 0;
    for (unsigned i = 0; i < threads; i++) {
        met += agains[i].met;
        contexts[count] = agains[i].observed;
        count += agains[i].met > 0;
    }
    return ready && (!agains[0].wanted || met == agains[0].wanted_count) &&
           observer->end(observer->context, contexts, count, &ignored) == MLG_OK;
}

bool mlg_rows_again(struct mlg_overfit_view *view, const char *source, const struct mlg_observer *observer,
                    const uint64_t *positions, size_t count)
{
    struct mlg_reader *reader = NULL;
    struct mlg_error ignored = {0};
    if (!view->reopen || view->reopen(view->context, source, &reader, &ignored))
        return false;
    const unsigned threads = mlg_threads(view->threads);
    struct again *agains = calloc(threads, sizeof *agains);
    void **contexts = calloc(threads, sizeof *contexts);
    bool ready = agains && contexts;
    for (unsigned i = 0; ready && i < threads; i++) {
        agains[i].observer = observer;
        agains[i].wanted = positions;
        agains[i].wanted_count = count;
        agains[i].cells = calloc(observer->column_count + 1, sizeof *agains[i].cells);
        agains[i].observed = observer->begin(observer->context);
        ready = agains[i].cells && agains[i].observed;
    }
    ready = ready && read_again(reader, agains, contexts, threads);
    for (unsigned i = 0; agains && i < threads; i++) {
        observer->release(agains[i].observed);
        free((void *)agains[i].cells);
    }
    free(agains);
    free(contexts);
    mlg_reader_close(reader);
    return ready;
}

/* ---- wanted rows --------------------------------------------------------------------------------- */

static int by_position(const void *a, const void *b)
{
    const uint64_t x = ((const struct mlg_looked *)a)->position, y = ((const struct mlg_looked *)b)->position;
    return (x > y) - (x < y);
}

size_t mlg_looked_sort(struct mlg_looked *rows, size_t count)
{
    if (count == 0)
        return 0;
    qsort(rows, count, sizeof *rows, by_position);
    size_t kept = 1;
    for (size_t i = 1; i < count; i++)
        if (rows[i].position != rows[kept - 1].position)
            rows[kept++] = rows[i];
    return kept;
}

const struct mlg_looked *mlg_looked_find(const struct mlg_looked *rows, size_t count, uint64_t position)
{
    const size_t at = from_position(rows, count, position);
    return at < count && rows[at].position == position && rows[at].seen ? &rows[at] : NULL;
}

const char *mlg_looked_file(const struct mlg_data *data)
{
    if (!data->path)
        return data->name;
    const char *slash = strrchr(data->path, '/');
    return slash && slash[1] ? slash + 1 : data->path;
}

const char *mlg_looked_name(const struct mlg_looked *rows, size_t count, uint64_t position,
                            struct mlg_arena *arena)
{
    const struct mlg_looked *row = mlg_looked_find(rows, count, position);
    if (!row)
        return NULL;
    if (row->id[0])
        return mlg_arena_format(arena, "id %s", row->id);
    return mlg_arena_format(arena, "line %lu", row->line);
}
