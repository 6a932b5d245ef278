/* row_match.c: rows parted by the first bits of their hashes, so that each part is matched in the processor's
 * cache, and several at once. */
#include "row_match.h"

#include <stdlib.h>
#include <string.h>

#include "mlgate/parallel.h"
#include "row_chunks.h"

/* ---- piles --------------------------------------------------------------------------------------- */

enum { CHUNK_ROWS = 16 * 1024 };

struct worker {
    struct mlg_row_pile *pile;
    struct mlg_row_chunk *chunks; /* newest first */
    size_t count;
    uint64_t missing;
    struct mlg_row_words row;
    bool no_memory;
};

static size_t part_of(uint64_t word)
{
    return (size_t)(word >> 54); /* MLG_PILE_PARTS of them */
}

static size_t most_rows(const struct mlg_row_pile *pile)
{
    return pile->most ? pile->most : MLG_PILE_ROWS;
}

void *mlg_pile_begin(void *context)
{
    struct worker *worker = calloc(1, sizeof *worker);
    if (worker)
        worker->pile = context;
    return worker;
}

int mlg_pile_observe(void *context, const struct mlg_observed *rows, struct mlg_error *error)
{
    struct worker *worker = context;
    const struct mlg_row_pile *pile = worker->pile;
    const size_t columns = pile->column_count - pile->labels;
    (void)error;
    worker->count += rows->rows;
    if (worker->no_memory || worker->count > most_rows(pile)) {
        mlg_row_chunks_free(&worker->chunks);
        return MLG_OK;
    }
    for (size_t i = 0; i < rows->rows; i++) {
        uint64_t *out = NULL;
        if (pile->skips_missing && (!rows->cells[0][i].bytes || rows->cells[0][i].size == 0)) {
            worker->missing++;
            worker->count--;
            continue;
        }
        if (mlg_row_words_of(&worker->row, rows->cells, columns, i, pile->decimal))
            out = mlg_row_chunk_add(&worker->chunks, CHUNK_ROWS, pile->labels ? 4 : 3);
        if (!out) {
            worker->no_memory = true;
            return MLG_OK;
        }
        const struct mlg_hash hash = mlg_hash_words(pile->key, worker->row.words, worker->row.count);
        out[0] = hash.words[0];
        out[1] = hash.words[1];
        out[2] = rows->positions[i];
        if (!pile->labels)
            continue;
        out[3] = 0;
        if (!rows->cells[columns][i].bytes)
            continue;
        if (!mlg_row_words_of(&worker->row, rows->cells + columns, 1, i, pile->decimal)) {
            worker->no_memory = true;
            return MLG_OK;
        }
        out[3] = mlg_hash_words(pile->key, worker->row.words, worker->row.count).words[0] | 1;
    }
    return MLG_OK;
}

void mlg_pile_release(void *context)
{
    struct worker *worker = context;
    if (!worker)
        return;
    mlg_row_chunks_free(&worker->chunks);
    mlg_row_words_free(&worker->row);
    free(worker);
}

/* Chunks of all workers, and where the rows of each go. */
struct parting {
    struct mlg_row_pile *pile;
    struct mlg_row_chunk **chunks;
    size_t count;
    size_t *places; /* [chunk][part] */
};

static void count_chunk(void *context, size_t index)
{
    const struct parting *parting = context;
    const struct mlg_row_chunk *chunk = parting->chunks[index];
    size_t *counts = parting->places + index * MLG_PILE_PARTS;
    for (size_t i = 0; i < chunk->count; i++)
        counts[part_of(chunk->words[i * parting->pile->stride])]++;
}

static void place_chunk(void *context, size_t index)
{
    struct parting *parting = context;
    struct mlg_row_chunk *chunk = parting->chunks[index];
    const size_t stride = parting->pile->stride;
    size_t *places = parting->places + index * MLG_PILE_PARTS;
    for (size_t i = 0; i < chunk->count; i++) {
        const uint64_t *row = chunk->words + i * stride;
        uint64_t *out = parting->pile->words + places[part_of(row[0])]++ * stride;
        out[0] = row[0];
        out[1] = row[1];
        out[2] = row[2];
        if (stride > 3)
            out[3] = row[3];
    }
    free(chunk);
    parting->chunks[index] = NULL;
}

static bool part_rows(struct mlg_row_pile *pile, struct worker *const *workers, size_t worker_count)
{
    struct parting parting = {.pile = pile};
    for (size_t i = 0; i < worker_count; i++)
        for (const struct mlg_row_chunk *chunk = workers[i]->chunks; chunk; chunk = chunk->next)
            parting.count++;
    parting.chunks = calloc(parting.count + 1, sizeof *parting.chunks);
    parting.places = calloc(parting.count + 1, MLG_PILE_PARTS * sizeof *parting.places);
    pile->words = mlg_arena_alloc(pile->arena, pile->count + 1, pile->stride * sizeof *pile->words);
    const bool ready = parting.chunks && parting.places && pile->words;
    if (ready) {
        size_t at = 0;
        for (size_t i = 0; i < worker_count; i++)
            while (workers[i]->chunks) {
                parting.chunks[at++] = workers[i]->chunks;
                workers[i]->chunks = workers[i]->chunks->next;
            }
        mlg_parallel(pile->threads, parting.count, count_chunk, &parting);
        size_t place = 0;
        for (size_t part = 0; part < MLG_PILE_PARTS; part++) {
            pile->starts[part] = place;
            for (size_t i = 0; i < parting.count; i++) {
                const size_t rows = parting.places[i * MLG_PILE_PARTS + part];
                parting.places[i * MLG_PILE_PARTS + part] = place;
                place += rows;
            }
        }
        pile->starts[MLG_PILE_PARTS] = place;
        mlg_parallel(pile->threads, parting.count, place_chunk, &parting);
    }
    free(parting.chunks);
    free(parting.places);
    return ready;
}

/* Of each worker the chunks are newest first. */
static bool keep_order(struct mlg_row_pile *pile, const struct worker *const *workers, size_t worker_count)
{
    size_t end = 0;
    pile->order = MLG_NEW_ARRAY(pile->arena, uint64_t, pile->count + 1);
    for (size_t i = 0; pile->order && i < worker_count; i++) {
        end += workers[i]->count;
        size_t at = end;
        for (const struct mlg_row_chunk *chunk = workers[i]->chunks; chunk; chunk = chunk->next) {
            at -= chunk->count;
            for (size_t k = 0; k < chunk->count; k++)
                pile->order[at + k] = chunk->words[k * pile->stride + 2];
        }
    }
    return pile->order;
}

int mlg_pile_end(void *context, void *const *workers, size_t worker_count, struct mlg_error *error)
{
    struct mlg_row_pile *pile = context;
    bool no_memory = false;
    (void)error;
    pile->ended = true;
    pile->stride = pile->labels ? 4 : 3;
    for (size_t i = 0; i < worker_count; i++) {
        const struct worker *worker = workers[i];
        pile->count += worker->count;
        pile->missing += worker->missing;
        no_memory |= worker->no_memory;
    }
    if (pile->count > most_rows(pile))
        pile->failed = "has more rows than are held side by side; give a sample of it";
    else if (no_memory ||
             (pile->in_order && !keep_order(pile, (const struct worker *const *)workers, worker_count)) ||
             !part_rows(pile, (struct worker *const *)workers, worker_count))
        pile->failed =
            "has more rows than memory holds, at 24 to 32 bytes a row and twice that while they are "
            "sorted; give a sample of it";
    if (pile->failed)
        pile->count = 0;
    return MLG_OK;
}

void mlg_pile_empty(struct mlg_row_pile *pile)
{
    pile->ended = false;
    pile->failed = NULL;
    pile->words = NULL;
    pile->count = 0;
    pile->missing = 0;
}

/* ---- groups -------------------------------------------------------------------------------------- */

struct group {
    struct mlg_hash hash;
    uint64_t first_held_out, first_train; /* positions */
    uint64_t label;                       /* of the first train row; 0: none has one */
    uint64_t label_at, other_at;          /* the first train row with that label, the first with another */
    uint32_t held_out, train;             /* rows */
    bool confirm;
};

static const uint64_t nowhere = UINT64_MAX;

struct hashes {
    struct mlg_hash *items;
    size_t count, capacity;
};

struct places {
    uint64_t *items;
    size_t count, capacity;
};

/* What one thread makes of its parts. */
struct matcher {
    struct group *groups;
    size_t group_count, group_capacity;
    uint32_t *slots; /* index + 1 of a group; 0: free */
    size_t slot_capacity;
    uint32_t *group_of; /* of each row of the part, held-out ones behind those of train */
    size_t group_of_capacity;
    struct hashes confirm;
    struct places held_out, train; /* of the rows behind them */
    struct places overlap, duplicates;
    size_t most; /* rows of each to confirm */
    bool is_partial;
    bool no_memory;
    struct mlg_row_match found;
};

struct matching {
    const struct mlg_row_pile *held_out, *train;
    unsigned wants;
    size_t matcher_count;
    struct matcher *matchers;
};

static bool reserve(void **items, size_t *capacity, size_t count, size_t size)
{
    if (*capacity >= count)
        return true;
    void *grown = realloc(*items, count * 2 * size);
    if (!grown)
        return false;
    *items = grown;
    *capacity = count * 2;
    return true;
}

void mlg_add_pair(struct mlg_row_pairs *pairs, struct mlg_row_pair pair)
{
    size_t at = pairs->listed;
    while (at > 0 && pairs->first[at - 1].row > pair.row)
        at--;
    if (at == MLG_PAIRS)
        return;
    const size_t kept = pairs->listed < MLG_PAIRS ? pairs->listed : MLG_PAIRS - 1;
    memmove(pairs->first + at + 1, pairs->first + at, (kept - at) * sizeof *pairs->first);
    pairs->first[at] = pair;
    pairs->listed = kept + 1;
}

static bool more_rows(const struct mlg_shared_value *a, const struct mlg_shared_value *b)
{
    return a->held_out != b->held_out ? a->held_out > b->held_out : a->first < b->first;
}

static void add_value(struct mlg_row_match *match, const struct mlg_shared_value *value)
{
    size_t at = match->most_count;
    while (at > 0 && more_rows(value, &match->most[at - 1]))
        at--;
    if (at == MLG_PAIRS)
        return;
    const size_t kept = match->most_count < MLG_PAIRS ? match->most_count : MLG_PAIRS - 1;
    memmove(match->most + at + 1, match->most + at, (kept - at) * sizeof *match->most);
    match->most[at] = *value;
    match->most_count = kept + 1;
}

static uint32_t group_of_row(struct matcher *matcher, const uint64_t *row, size_t mask)
{
    /* The first word's upper bits are the part's. */
    for (size_t slot = (size_t)row[0] & mask;; slot = (slot + 1) & mask) {
        const uint32_t index = matcher->slots[slot];
        if (index == 0) {
            struct group *group = &matcher->groups[matcher->group_count];
            *group = (struct group){.hash = {{row[0], row[1]}},
                                    .first_held_out = nowhere,
                                    .first_train = nowhere,
                                    .label_at = nowhere,
                                    .other_at = nowhere};
            matcher->slots[slot] = (uint32_t)++matcher->group_count;
            return (uint32_t)matcher->group_count - 1;
        }
        const struct group *group = &matcher->groups[index - 1];
        if (group->hash.words[0] == row[0] && group->hash.words[1] == row[1])
            return index - 1;
    }
}

static void add_train(struct group *group, const uint64_t *row, bool labels)
{
    const uint64_t position = row[2];
    group->train++;
    if (position < group->first_train)
        group->first_train = position;
    if (!labels || row[3] == 0)
        return;
    if (group->label == row[3] || group->label == 0) {
        group->label = row[3];
        if (position < group->label_at)
            group->label_at = position;
    } else if (position <
               group->label_at) { /* the first label is another now, and what was first is no more */
        group->other_at = group->label_at;
        group->label = row[3];
        group->label_at = position;
    } else if (position < group->other_at) {
        group->other_at = position;
    }
}

static void add_place(struct matcher *matcher, struct places *places, uint64_t position)
{
    if (!reserve((void **)&places->items, &places->capacity, places->count + 1, sizeof *places->items))
        matcher->no_memory = true;
    else
        places->items[places->count++] = position;
}

static void visit_held_out(const struct matching *matching, struct matcher *matcher,
                           const struct group *group, const uint64_t *row)
{
    struct mlg_row_match *found = &matcher->found;
    const uint64_t position = row[2];
    const bool places = matching->wants & MLG_WANTS_PLACES;
    if (group->train > 0) {
        found->overlap.count++;
        if (places)
            add_place(matcher, &matcher->overlap, position);
        mlg_add_pair(&found->overlap, (struct mlg_row_pair){position, group->first_train});
        if (matching->held_out->labels && row[3] && group->label) {
            const uint64_t other = row[3] == group->label ? group->other_at : group->label_at;
            if (other != nowhere) {
                found->conflicts.count++;
                mlg_add_pair(&found->conflicts, (struct mlg_row_pair){position, other});
            }
        }
    }
    if (position != group->first_held_out) {
        found->duplicates.count++;
        if (places)
            add_place(matcher, &matcher->duplicates, position);
        mlg_add_pair(&found->duplicates, (struct mlg_row_pair){position, group->first_held_out});
    }
}

static void add_times(struct mlg_row_times *times, uint64_t count)
{
    if (count == 0)
        return;
    size_t at = (size_t)count - 1;
    if (count > MLG_TIMES_APART) {
        at = MLG_TIMES_APART;
        for (uint64_t most = 2 * MLG_TIMES_APART; most < count; most *= 2)
            at++;
    }
    times->groups[at]++;
    times->rows[at] += count;
}

static void merge_times(struct mlg_row_times *times, const struct mlg_row_times *more)
{
    for (size_t i = 0; i < MLG_TIMES; i++) {
        times->groups[i] += more->groups[i];
        times->rows[i] += more->rows[i];
    }
}

static void visit_group(struct matcher *matcher, const struct group *group)
{
    struct mlg_row_match *found = &matcher->found;
    found->singles += group->train == 1;
    found->doubles += group->train == 2;
    add_times(&found->train_times, group->train);
    add_times(&found->held_out_times, group->held_out);
    if (group->train > 0 && group->held_out > 0) {
        found->shared++;
        add_value(found, &(struct mlg_shared_value){group->hash, group->held_out, group->train,
                                                    group->first_held_out});
    }
}

/* Is it among those that a second look confirms? */
static bool is_to_confirm(const struct matching *matching, const struct group *group)
{
    return ((matching->wants & MLG_WANTS_OVERLAP) && group->train > 0 && group->held_out > 0) ||
           ((matching->wants & MLG_WANTS_DUPLICATES) && group->held_out > 1) ||
           ((matching->wants & MLG_WANTS_TWINS) && group->train > 1);
}

static void confirm_group(const struct matching *matching, struct matcher *matcher, struct group *group)
{
    if (!is_to_confirm(matching, group))
        return;
    if (matcher->held_out.count + group->held_out > matcher->most ||
        matcher->train.count + group->train > matcher->most) {
        matcher->is_partial = true;
        return;
    }
    if (!reserve((void **)&matcher->confirm.items, &matcher->confirm.capacity, matcher->confirm.count + 1,
                 sizeof *matcher->confirm.items)) {
        matcher->no_memory = true;
        return;
    }
    matcher->confirm.items[matcher->confirm.count++] = group->hash;
    group->confirm = true;
}

static void match_part(const struct matching *matching, struct matcher *matcher, size_t part)
{
    const struct mlg_row_pile *held_out = matching->held_out, *train = matching->train;
    const size_t held_out_rows = held_out->starts[part + 1] - held_out->starts[part];
    const size_t train_rows = train ? train->starts[part + 1] - train->starts[part] : 0;
    const size_t rows = held_out_rows + train_rows;
    if (rows == 0)
        return;
    size_t slots = 16;
    while (slots < rows * 2)
        slots *= 2;
    if (rows >= UINT32_MAX ||
        !reserve((void **)&matcher->groups, &matcher->group_capacity, rows, sizeof *matcher->groups) ||
        !reserve((void **)&matcher->slots, &matcher->slot_capacity, slots, sizeof *matcher->slots) ||
        !reserve((void **)&matcher->group_of, &matcher->group_of_capacity, rows, sizeof *matcher->group_of)) {
        matcher->no_memory = true;
        return;
    }
    memset(matcher->slots, 0, slots * sizeof *matcher->slots);
    matcher->group_count = 0;
    const uint64_t *train_words = train_rows ? train->words + train->starts[part] * train->stride : NULL;
    const uint64_t *words = held_out->words + held_out->starts[part] * held_out->stride;
    uint32_t *of_train = matcher->group_of, *of_held_out = matcher->group_of + train_rows;
    for (size_t i = 0; i < train_rows; i++) {
        const uint64_t *row = train_words + i * train->stride;
        of_train[i] = group_of_row(matcher, row, slots - 1);
        add_train(&matcher->groups[of_train[i]], row, train->labels);
    }
    for (size_t i = 0; i < held_out_rows; i++) {
        const uint64_t *row = words + i * held_out->stride;
        of_held_out[i] = group_of_row(matcher, row, slots - 1);
        struct group *group = &matcher->groups[of_held_out[i]];
        group->held_out++;
        if (row[2] < group->first_held_out)
            group->first_held_out = row[2];
    }
    for (size_t i = 0; i < matcher->group_count; i++) {
        struct group *group = &matcher->groups[i];
        matcher->found.train_rows += group->train;
        matcher->found.held_out_rows += group->held_out;
        visit_group(matcher, group);
        confirm_group(matching, matcher, group);
    }
    for (size_t i = 0; i < held_out_rows; i++) {
        const uint64_t *row = words + i * held_out->stride;
        const struct group *group = &matcher->groups[of_held_out[i]];
        visit_held_out(matching, matcher, group, row);
        if (group->confirm)
            add_place(matcher, &matcher->held_out, row[2]);
    }
    for (size_t i = 0; i < train_rows; i++)
        if (matcher->groups[of_train[i]].confirm)
            add_place(matcher, &matcher->train, train_words[i * train->stride + 2]);
}

static void match_parts(void *context, size_t index)
{
    const struct matching *matching = context;
    struct matcher *matcher = &matching->matchers[index];
    for (size_t part = index; part < MLG_PILE_PARTS && !matcher->no_memory; part += matching->matcher_count)
        match_part(matching, matcher, part);
}

static void merge_pairs(struct mlg_row_pairs *pairs, const struct mlg_row_pairs *more)
{
    pairs->count += more->count;
    for (size_t i = 0; i < more->listed; i++)
        mlg_add_pair(pairs, more->first[i]);
}

static void merge(struct mlg_row_match *match, const struct mlg_row_match *more)
{
    match->held_out_rows += more->held_out_rows;
    match->train_rows += more->train_rows;
    merge_pairs(&match->overlap, &more->overlap);
    merge_pairs(&match->duplicates, &more->duplicates);
    merge_pairs(&match->conflicts, &more->conflicts);
    match->singles += more->singles;
    match->doubles += more->doubles;
    merge_times(&match->held_out_times, &more->held_out_times);
    merge_times(&match->train_times, &more->train_times);
    match->shared += more->shared;
    for (size_t i = 0; i < more->most_count; i++)
        add_value(match, &more->most[i]);
}

/* Sorts by one byte after the other, from the lowest up; bytes that all have alike are passed over. */
static bool sort_places(uint64_t **items, size_t count)
{
    uint64_t *from = *items, *to = malloc((count + 1) * sizeof *to);
    if (!to)
        return false;
    for (unsigned shift = 0; shift < 64; shift += 8) {
        size_t starts[257] = {0};
        for (size_t i = 0; i < count; i++)
            starts[(from[i] >> shift & 255) + 1]++;
        if (count == 0 || starts[(from[0] >> shift & 255) + 1] == count)
            continue;
        for (size_t i = 0; i < 256; i++)
            starts[i + 1] += starts[i];
        for (size_t i = 0; i < count; i++)
            to[starts[from[i] >> shift & 255]++] = from[i];
        uint64_t *other = from;
        from = to;
        to = other;
    }
    free(to);
    *items = from;
    return true;
}

uint64_t *mlg_pile_positions(const struct mlg_row_pile *pile)
{
    uint64_t *positions = malloc((pile->count + 1) * sizeof *positions);
    for (size_t i = 0; positions && i < pile->count; i++)
        positions[i] = pile->words[i * pile->stride + 2];
    if (positions && !sort_places(&positions, pile->count)) {
        free(positions);
        return NULL;
    }
    return positions;
}

enum { HELD_OUT, TRAIN, OVERLAP, DUPLICATES };

static struct places *places_of(struct matcher *matcher, size_t list)
{
    struct places *const lists[] = {&matcher->held_out, &matcher->train, &matcher->overlap,
                                    &matcher->duplicates};
    return lists[list];
}

/* One of the lists of places of all matchers, sorted. */
static bool gather_places(const struct matching *matching, size_t list, struct mlg_positions *positions)
{
    for (size_t i = 0; i < matching->matcher_count; i++)
        positions->count += places_of(&matching->matchers[i], list)->count;
    positions->items = calloc(positions->count + 1, sizeof *positions->items);
    size_t at = 0;
    for (size_t i = 0; positions->items && i < matching->matcher_count; i++) {
        struct places *places = places_of(&matching->matchers[i], list);
        if (places->count > 0)
            memcpy(positions->items + at, places->items, places->count * sizeof *places->items);
        at += places->count;
        free(places->items);
        *places = (struct places){0};
    }
    return positions->items && sort_places(&positions->items, positions->count);
}

static bool gather(const struct matching *matching, struct mlg_row_match *match)
{
    if (matching->wants & MLG_WANTS_PLACES &&
        (!gather_places(matching, OVERLAP, &match->overlap_places) ||
         !gather_places(matching, DUPLICATES, &match->duplicate_places)))
        return false;
    if (match->group_count == 0)
        return true;
    match->groups = malloc(match->group_count * sizeof *match->groups);
    if (!match->groups)
        return false;
    size_t at = 0;
    for (size_t i = 0; i < matching->matcher_count; i++) {
        const struct hashes *confirm = &matching->matchers[i].confirm;
        if (confirm->count > 0)
            memcpy(match->groups + at, confirm->items, confirm->count * sizeof *confirm->items);
        at += confirm->count;
    }
    return gather_places(matching, HELD_OUT, &match->held_out) &&
           gather_places(matching, TRAIN, &match->train);
}

bool mlg_rows_match(const struct mlg_row_pile *held_out, const struct mlg_row_pile *train, unsigned wants,
                    unsigned threads, struct mlg_row_match *match)
{
    *match = (struct mlg_row_match){0};
    struct matching matching = {.held_out = held_out, .train = train, .wants = wants};
    matching.matcher_count = threads > 1 ? threads : 1;
    matching.matchers = calloc(matching.matcher_count, sizeof *matching.matchers);
    if (!matching.matchers)
        return false;
    for (size_t i = 0; i < matching.matcher_count; i++)
        matching.matchers[i].most = MLG_MATCH_CONFIRMED / matching.matcher_count;
    mlg_parallel(threads, matching.matcher_count, match_parts, &matching);
    bool done = true;
    for (size_t i = 0; i < matching.matcher_count; i++) {
        const struct matcher *matcher = &matching.matchers[i];
        done &= !matcher->no_memory;
        merge(match, &matcher->found);
        match->group_count += matcher->confirm.count;
        match->is_partial |= matcher->is_partial;
    }
    done = done && gather(&matching, match);
    for (size_t i = 0; i < matching.matcher_count; i++) {
        free(matching.matchers[i].groups);
        free(matching.matchers[i].slots);
        free(matching.matchers[i].group_of);
        free(matching.matchers[i].confirm.items);
        free(matching.matchers[i].held_out.items);
        free(matching.matchers[i].train.items);
        free(matching.matchers[i].overlap.items);
        free(matching.matchers[i].duplicates.items);
    }
    free(matching.matchers);
    if (!done)
        mlg_row_match_free(match);
    return done;
}

void mlg_row_match_free(struct mlg_row_match *match)
{
    free(match->groups);
    free(match->held_out.items);
    free(match->train.items);
    free(match->overlap_places.items);
    free(match->duplicate_places.items);
    match->groups = NULL;
    match->group_count = 0;
    match->held_out = match->train = match->overlap_places = match->duplicate_places =
        (struct mlg_positions){0};
}
