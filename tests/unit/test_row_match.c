/* Canonical cells, hashes of rows, rows matched, times in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/stats/row_look.h"
#include "../../lib/stats/row_match.h"
#include "../../lib/stats/time_key.h"
#include "mlgate/number.h"
#include "world_memory.h"

static struct mlg_text text(const char *bytes)
{
    return (struct mlg_text){bytes, bytes ? strlen(bytes) : 0};
}

/* ---- SipHash ------------------------------------------------------------------------------------- */

/* vectors_sip128 of the reference implementation (github.com/veorq/SipHash, vectors.h): key 00 01 .. 0f,
 * message 00 01
 * .. of so many bytes. */
static const struct {
    size_t size;
    const char *expected;
} vectors[] = {
    {0, "a3817f04ba25a8e66df67214c7550293"},  {1, "da87c1d86b99af44347659119b22fc45"},
    {8, "3b62a9ba6258f5610f83e264f31497b4"},  {15, "5493e99933b0a8117e08ec0f97cfc3d9"},
    {16, "6ee2a4ca67b054bbfd3315bf85230577"}, {63, "5150d1772f50834a503e069a973fbd7c"},
};

static void hash_is_siphash(void **state)
{
    unsigned char message[64];
    (void)state;
    for (size_t i = 0; i < sizeof message; i++)
        message[i] = (unsigned char)i;
    const struct mlg_hash_key key = {{UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        char hex[33];
        const struct mlg_hash hash = mlg_hash_bytes(key, message, vectors[i].size);
        for (size_t k = 0; k < 16; k++)
            snprintf(hex + 2 * k, 3, "%02x", (unsigned)(hash.words[k / 8] >> 8 * (k % 8) & 255));
        assert_string_equal(hex, vectors[i].expected);
    }
}

static void words_hash_as_their_bytes(void **state)
{
    const uint64_t words[] = {1, UINT64_C(0x0123456789abcdef), UINT64_MAX};
    unsigned char bytes[sizeof words];
    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(words[i / 8] >> 8 * (i % 8));
    const struct mlg_hash_key key = mlg_hash_key_of(7);
    assert_true(mlg_hash_equal(mlg_hash_words(key, words, 3), mlg_hash_bytes(key, bytes, sizeof bytes)));
    assert_false(mlg_hash_equal(mlg_hash_words(key, words, 3), mlg_hash_words(mlg_hash_key_of(8), words, 3)));
}

/* ---- cells --------------------------------------------------------------------------------------- */

static const struct {
    const char *sentence;
    const char *a, *b;
    bool equal;
    char decimal_a, decimal_b; /* 0: '.' */
} cells[] = {
    {"a whole number and its decimals", "1", "1.0", true, 0, 0},
    {"a power of ten", "1", "1e0", true, 0, 0},
    {"a sign", "1", "+1", true, 0, 0},
    {"zeros in front", "1", "001.", true, 0, 0},
    {"no digit before the mark", "0.5", ".5", true, 0, 0},
    {"a capital exponent", "1200", "1.2E3", true, 0, 0},
    {"an exponent with zeros and a sign", "1200", "12e+002", true, 0, 0},
    {"zero has no sign", "-0", "0.000", true, 0, 0},
    {"zero has no power", "0", "0e999999999999999999999", true, 0, 0},
    {"signs differ", "1", "-1", false, 0, 0},
    {"powers differ", "1", "10", false, 0, 0},
    {"beyond what doubles tell apart", "9007199254740993", "9007199254740992", false, 0, 0},
    {"twenty digits and their spelling", "12345678901234567890", "1.2345678901234567890e19", true, 0, 0},
    {"twenty digits that differ in the last", "12345678901234567890", "12345678901234567891", false, 0, 0},
    {"many zeros behind few digits", "1000000000000000000000000", "1e24", true, 0, 0},
    {"many zeros before few digits", "0.000000000000000000000000000012", "12e-30", true, 0, 0},
    {"many digits with zeros behind", "0.123456789012345678901234000", "123456789012345678901234e-24", true,
     0, 0},
    {"larger than a double", "1e400", "10e399", true, 0, 0},
    {"two larger than doubles", "1e400", "1e401", false, 0, 0},
    {"smaller than a double", "1e-400", "0", false, 0, 0},
    {"a decimal comma", "1,5", "1.5", true, ',', '.'},
    {"a point is no mark where a comma is", "1.5", "1.5", false, ',', '.'},
    {"texts by their bytes", "Bern", "bern", false, 0, 0},
    {"texts of many bytes", "a longer text than one word", "a longer text than one word", true, 0, 0},
    {"texts that differ late", "a longer text than one word", "a longer text than one ward", false, 0, 0},
    {"texts of one length more", "12345678x", "12345678", false, 0, 0},
    {"no number for want of digits", "e5", "E5", false, 0, 0},
    {"no number for want of an exponent", "1e", "1", false, 0, 0},
    {"a sign alone", "-", "+", false, 0, 0},
    {"a mark alone", ".", "0", false, 0, 0},
    {"a date is no number", "2024-01-01", "2024-1-1", false, 0, 0},
    {"blanks are bytes", " 1", "1", false, 0, 0},
    {"infinities are texts", "inf", "INF", false, 0, 0},
    {"missing and missing", NULL, NULL, true, 0, 0},
    {"missing is no zero", NULL, "0", false, 0, 0},
    {"missing is no text", NULL, "missing", false, 0, 0},
};

static bool same_words(struct mlg_text a, char decimal_a, struct mlg_text b, char decimal_b)
{
    uint64_t words_a[64], words_b[64];
    const size_t count_a = mlg_cell_words(a, decimal_a, words_a, NULL);
    const size_t count_b = mlg_cell_words(b, decimal_b, words_b, NULL);
    assert_true(count_a <= mlg_cell_room_words(a.size) && count_b <= mlg_cell_room_words(b.size));
    return count_a == count_b && memcmp(words_a, words_b, count_a * sizeof *words_a) == 0;
}

static void equal_cells_have_equal_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        const bool equal = same_words(text(cells[i].a), cells[i].decimal_a ? cells[i].decimal_a : '.',
                                      text(cells[i].b), cells[i].decimal_b ? cells[i].decimal_b : '.');
        if (equal != cells[i].equal)
            fail_msg("%s", cells[i].sentence);
    }
}

static uint64_t draw(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    return *seed ^= *seed << 17;
}

/* A random decimal of few digits, so that many are equal. */
static void random_number(uint64_t *seed, char *out)
{
    const char *const signs[] = {"", "-", "+"};
    size_t at = (size_t)sprintf(out, "%s", signs[draw(seed) % 3]);
    for (size_t zeros = draw(seed) % 4; zeros > 0; zeros--)
        out[at++] = '0';
    out[at++] = (char)('0' + draw(seed) % 3);
    if (draw(seed) % 2) {
        out[at++] = '.';
        for (size_t digits = draw(seed) % (draw(seed) % 8 ? 3 : 25); digits > 0; digits--)
            out[at++] = (char)('0' + draw(seed) % 2);
    }
    out[at] = 0;
    if (draw(seed) % 2)
        sprintf(out + at, "e%d", (int)(draw(seed) % 5) - 2);
}

static void words_agree_with_the_comparison_of_numbers(void **state)
{
    uint64_t seed = 3;
    size_t equal = 0;
    (void)state;
    for (size_t i = 0; i < 200000; i++) {
        char a[64], b[64];
        random_number(&seed, a);
        random_number(&seed, b);
        const bool same = mlg_number_compare(a, strlen(a), b, strlen(b)) == 0;
        equal += same;
        if (same_words(text(a), '.', text(b), '.') != same)
            fail_msg("%s and %s", a, b);
    }
    assert_true(equal > 1000);
}

static void cells_do_not_run_together(void **state)
{
    static const char *const pairs[][4] = {{"ab", "c", "a", "bc"},
                                           {NULL, "x", "x", NULL},
                                           {"1", "2", "12", NULL},
                                           {"12345678", "9", "123456789", NULL}};
    const struct mlg_hash_key key = mlg_hash_key_of(0);
    struct mlg_row_words row = {0};
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct mlg_hash hashes[2];
        for (size_t k = 0; k < 2; k++) {
            const struct mlg_text first = text(pairs[i][2 * k]), second = text(pairs[i][2 * k + 1]);
            const struct mlg_text *const row_cells[] = {&first, &second};
            assert_true(mlg_row_words_of(&row, row_cells, 2, 0, '.'));
            hashes[k] = mlg_hash_words(key, row.words, row.count);
        }
        assert_false(mlg_hash_equal(hashes[0], hashes[1]));
    }
    mlg_row_words_free(&row);
}

/* ---- matching ------------------------------------------------------------------------------------ */

enum { ROWS = 400, COLUMNS = 3 };

struct table {
    char cells[COLUMNS][ROWS][24]; /* the last one is the label; "" missing */
    struct mlg_text texts[COLUMNS][ROWS];
    uint64_t positions[ROWS];
    size_t rows;
};

static void fill(struct table *table, size_t rows, uint64_t seed)
{
    static const char *const labels[] = {"0", "0.0", "1", "1e0", ""};
    table->rows = rows;
    for (size_t i = 0; i < rows; i++) {
        table->positions[i] = i * 3 + 1;
        snprintf(table->cells[0][i], sizeof table->cells[0][i], "%s%d", draw(&seed) % 2 ? "+" : "",
                 (int)(draw(&seed) % 12));
        snprintf(table->cells[1][i], sizeof table->cells[1][i], "v%d", (int)(draw(&seed) % 30));
        strcpy(table->cells[2][i], labels[draw(&seed) % 5]);
        for (size_t c = 0; c < COLUMNS; c++)
            table->texts[c][i] = *table->cells[c][i] ? text(table->cells[c][i]) : (struct mlg_text){0};
    }
}

/* Hands rows to `workers` workers, dealt in pieces of `piece` from the first or the last on. */
static void pile_up(struct mlg_row_pile *pile, const struct table *table, size_t workers, size_t piece,
                    bool backwards)
{
    void *all[4];
    for (size_t w = 0; w < workers; w++)
        assert_non_null(all[w] = mlg_pile_begin(pile));
    const size_t pieces = (table->rows + piece - 1) / piece;
    for (size_t p = 0; p < pieces; p++) {
        const size_t first = (backwards ? pieces - 1 - p : p) * piece;
        const size_t count = first + piece < table->rows ? piece : table->rows - first;
        const struct mlg_text *const columns[] = {table->texts[0] + first, table->texts[1] + first,
                                                  table->texts[2] + first};
        const struct mlg_observed rows = {
            .rows = count, .cells = columns, .positions = table->positions + first};
        assert_int_equal(mlg_pile_observe(all[p % workers], &rows, NULL), MLG_OK);
    }
    assert_int_equal(mlg_pile_end(pile, all, workers, NULL), MLG_OK);
    for (size_t w = 0; w < workers; w++)
        mlg_pile_release(all[w]);
}

static bool same_cells(const struct table *a, size_t i, const struct table *b, size_t k)
{
    return same_words(a->texts[0][i], '.', b->texts[0][k], '.') &&
           same_words(a->texts[1][i], '.', b->texts[1][k], '.');
}

/* Every pair of rows. */
static void match_slowly(const struct table *held_out, const struct table *train, struct mlg_row_match *m)
{
    *m = (struct mlg_row_match){.held_out_rows = held_out->rows, .train_rows = train->rows};
    for (size_t i = 0; i < held_out->rows; i++) {
        size_t first = SIZE_MAX, other = SIZE_MAX, earlier = SIZE_MAX;
        for (size_t k = train->rows; k-- > 0;)
            if (same_cells(held_out, i, train, k)) {
                first = k;
                if (held_out->texts[2][i].bytes && train->texts[2][k].bytes &&
                    !same_words(held_out->texts[2][i], '.', train->texts[2][k], '.'))
                    other = k;
            }
        for (size_t k = i; k-- > 0;)
            if (same_cells(held_out, i, held_out, k))
                earlier = k;
        const size_t found[] = {first, earlier, other};
        struct mlg_row_pairs *const pairs[] = {&m->overlap, &m->duplicates, &m->conflicts};
        for (size_t p = 0; p < 3; p++) {
            if (found[p] == SIZE_MAX)
                continue;
            pairs[p]->count++;
            mlg_add_pair(pairs[p], (struct mlg_row_pair){held_out->positions[i],
                                                         (p == 1 ? held_out : train)->positions[found[p]]});
        }
        m->shared += first != SIZE_MAX && earlier == SIZE_MAX;
    }
    for (size_t i = 0; i < train->rows; i++) {
        size_t twins = 0;
        bool is_first = true;
        for (size_t k = 0; k < train->rows; k++)
            if (same_cells(train, i, train, k)) {
                twins++;
                is_first &= k >= i;
            }
        m->singles += twins == 1;
        m->doubles += twins == 2 && is_first;
    }
}

static void assert_same_pairs(const struct mlg_row_pairs *a, const struct mlg_row_pairs *b)
{
    assert_int_equal(a->count, b->count);
    assert_int_equal(a->listed, b->listed);
    assert_memory_equal(a->first, b->first, a->listed * sizeof *a->first);
}

static void rows_match_as_every_pair_says(void **state)
{
    static struct table held_out, train;
    (void)state;
    for (uint64_t seed = 1; seed < 6; seed++) {
        struct mlg_row_match slow;
        fill(&held_out, 250 - 40 * seed, seed);
        fill(&train, ROWS - 30 * seed, seed + 100);
        match_slowly(&held_out, &train, &slow);
        assert_true(slow.overlap.count > 10 && slow.conflicts.count > 5 && slow.doubles > 5);
        for (size_t way = 0; way < 4; way++) {
            struct mlg_arena arena;
            struct mlg_row_match m;
            mlg_arena_init(&arena, 0);
            struct mlg_row_pile piles[2];
            for (size_t p = 0; p < 2; p++) {
                piles[p] = (struct mlg_row_pile){.key = mlg_hash_key_of(way / 2),
                                                 .decimal = '.',
                                                 .labels = true,
                                                 .column_count = COLUMNS,
                                                 .threads = (unsigned)way + 1,
                                                 .arena = &arena};
                pile_up(&piles[p], p ? &train : &held_out, way + 1, 7 + way * 5, way % 2);
                assert_null(piles[p].failed);
            }
            assert_true(mlg_rows_match(&piles[0], &piles[1], MLG_WANTS_OVERLAP, (unsigned)way + 1, &m));
            assert_int_equal(m.held_out_rows, slow.held_out_rows);
            assert_int_equal(m.train_rows, slow.train_rows);
            assert_same_pairs(&m.overlap, &slow.overlap);
            assert_same_pairs(&m.duplicates, &slow.duplicates);
            assert_same_pairs(&m.conflicts, &slow.conflicts);
            assert_int_equal(m.singles, slow.singles);
            assert_int_equal(m.doubles, slow.doubles);
            assert_int_equal(m.shared, slow.shared);
            assert_int_equal(m.group_count, slow.shared);
            assert_int_equal(m.held_out.count, slow.overlap.count);
            for (size_t i = 1; i < m.train.count; i++)
                assert_true(m.train.items[i - 1] < m.train.items[i]);
            mlg_row_match_free(&m);
            mlg_arena_free(&arena);
        }
    }
}

static void a_pile_of_too_many_rows_says_so(void **state)
{
    static struct table table;
    struct mlg_arena arena;
    (void)state;
    mlg_arena_init(&arena, 0);
    fill(&table, 100, 1);
    struct mlg_row_pile pile = {
        .decimal = '.', .column_count = COLUMNS, .threads = 1, .most = 99, .arena = &arena};
    pile_up(&pile, &table, 2, 10, false);
    assert_non_null(pile.failed);
    assert_non_null(strstr(pile.failed, "give a sample"));
    struct mlg_arena small;
    mlg_arena_init(&small, 1000);
    pile = (struct mlg_row_pile){.decimal = '.', .column_count = COLUMNS, .threads = 1, .arena = &small};
    pile_up(&pile, &table, 2, 10, false);
    assert_non_null(pile.failed);
    mlg_arena_free(&small);
    mlg_arena_free(&arena);
}

/* ---- confirmation -------------------------------------------------------------------------------- */

static void one_hash_of_two_rows_is_refuted(void **state)
{
    const struct mlg_hash hashes[] = {{{1, 2}}, {{3, 2}}};
    uint64_t a[] = {5, 6}, b[] = {5, 7};
    const struct mlg_row_words row = {a, 2, 2}, same = {a, 2, 2}, other = {b, 2, 2}, shorter = {a, 1, 2};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct mlg_confirmation *confirmation = mlg_confirmation_new(hashes, 2, 0);
        assert_non_null(confirmation);
        mlg_confirm_row(confirmation, hashes[0], &row);
        mlg_confirm_row(confirmation, hashes[1], &other);
        assert_false(mlg_confirm_row(confirmation, (struct mlg_hash){{9, 2}}, &other));
        mlg_confirm_row(confirmation, hashes[0], i == 0 ? &same : i == 1 ? &other : &shorter);
        assert_int_equal(mlg_confirmation_refuted(confirmation), i > 0);
        assert_false(mlg_confirmation_partial(confirmation));
        mlg_confirmation_free(confirmation);
    }
}

static void more_cells_than_are_held_are_told(void **state)
{
    const struct mlg_hash hashes[] = {{{1, 2}}, {{3, 2}}};
    uint64_t words[] = {5, 6};
    const struct mlg_row_words row = {words, 2, 2};
    (void)state;
    struct mlg_confirmation *confirmation = mlg_confirmation_new(hashes, 2, 8);
    assert_non_null(confirmation);
    mlg_confirm_row(confirmation, hashes[0], &row);
    assert_false(mlg_confirmation_partial(confirmation));
    mlg_confirm_row(confirmation, hashes[1], &row);
    assert_true(mlg_confirmation_partial(confirmation));
    mlg_confirmation_free(confirmation);
}

/* ---- another look -------------------------------------------------------------------------------- */

struct opening {
    struct world_memory world;
    struct mlg_arena arena;
};

static int reopen(void *context, const char *source, struct mlg_reader **reader, struct mlg_error *error)
{
    struct opening *opening = context;
    const struct mlg_reader_options options = {.path = source, .without_hash = true};
    return mlg_reader_open(&opening->world.world, &opening->arena, &options, reader, error);
}

static int note_position(void *context, const struct mlg_batch *batch, struct mlg_error *error)
{
    uint64_t *positions = context;
    (void)error;
    for (size_t i = 0; i < batch->rows; i++)
        positions[i] = mlg_batch_position(batch, i);
    return MLG_OK;
}

/* The rows of then.csv are confirmed and named in `now`. */
static bool look_again(const char *now, struct mlg_looked *row, bool *refuted)
{
    static const char *const columns[] = {"a"};
    struct opening opening;
    struct mlg_reader *reader;
    struct mlg_read_summary summary;
    uint64_t positions[3] = {0};
    void *const contexts[] = {positions};
    struct mlg_hash hashes[3];
    struct mlg_row_words words = {0};
    const struct mlg_hash_key key = mlg_hash_key_of(0);
    mlg_arena_init(&opening.arena, 0);
    world_memory_init(&opening.world);
    world_memory_text(&opening.world, "then.csv", "id,a\nx,1\ny,2\nz,3\n");
    world_memory_text(&opening.world, "now.csv", now);
    assert_int_equal(reopen(&opening, "then.csv", &reader, NULL), MLG_OK);
    assert_int_equal(mlg_reader_read(reader, NULL, 0, 1, note_position, contexts, NULL, 0, &summary, NULL),
                     MLG_OK);
    assert_string_equal(summary.sha256, "");
    assert_int_equal(summary.rows, 3);
    mlg_reader_close(reader);
    for (size_t i = 0; i < 3; i++) {
        const char digit[] = {(char)('1' + i), 0};
        const struct mlg_text cell = text(digit), *const cells_of[] = {&cell};
        assert_true(mlg_row_words_of(&words, cells_of, 1, 0, '.'));
        hashes[i] = mlg_hash_words(key, words.words, words.count);
    }
    mlg_row_words_free(&words);
    struct mlg_confirmation *confirmation = mlg_confirmation_new(hashes, 3, 0);
    struct mlg_overfit_view view = {.threads = 1, .reopen = reopen, .context = &opening};
    *row = (struct mlg_looked){.position = positions[1]};
    const struct mlg_row_look look = {.view = &view,
                                      .source = "now.csv",
                                      .key = key,
                                      .decimal = '.',
                                      .columns = columns,
                                      .column_count = 1,
                                      .id = "id",
                                      .rows = row,
                                      .row_count = 1,
                                      .confirmation = confirmation,
                                      .confirmed = positions,
                                      .confirmed_count = 3};
    const bool looked = mlg_row_look(&look);
    *refuted = mlg_confirmation_refuted(confirmation);
    mlg_confirmation_free(confirmation);
    world_memory_free(&opening.world);
    mlg_arena_free(&opening.arena);
    return looked;
}

static void another_look_names_rows(void **state)
{
    struct mlg_looked row;
    bool refuted;
    (void)state;
    assert_true(look_again("id,a\nx,1\ny,2.0\nz,3\n", &row, &refuted));
    assert_false(refuted);
    assert_true(row.seen);
    assert_int_equal(row.line, 3);
    assert_string_equal(row.id, "y");
    assert_string_equal(row.cell, "2.0");
}

static void a_file_that_is_another_now_is_no_second_look(void **state)
{
    static const char *const others[] = {"id,a\nx,1\ny,7\nz,3\n", "id,a\nx,1\n", "id,b\nx,1\ny,2\nz,3\n", ""};
    struct mlg_looked row;
    bool refuted;
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(look_again(others[i], &row, &refuted));
}

/* ---- times --------------------------------------------------------------------------------------- */

static const struct {
    const char *a, *b;
    int order; /* of a and b */
    enum mlg_time_kind kind;
} times[] = {
    {"2024-05-01", "2024-05-02", -1, MLG_TIME_LOCAL},
    {"2024-05", "2024-05-01T00:00", 0, MLG_TIME_LOCAL},
    {"2024-02-29 24:00", "2024-03-01", 0, MLG_TIME_LOCAL},
    {"1969-12-31T23:59:59.9", "1970-01-01", -1, MLG_TIME_LOCAL},
    {"2024-05-01T10:00:00.1", "2024-05-01t10:00:00,10", 0, MLG_TIME_LOCAL},
    {"2024-05-01T10:00:00.123456789", "2024-05-01T10:00:00.12345679", -1, MLG_TIME_LOCAL},
    {"2024-05-01T10:00Z", "2024-05-01T12:00+02:00", 0, MLG_TIME_ZONED},
    {"2024-05-01T10:00Z", "2024-05-01T10:00-0130", -1, MLG_TIME_ZONED},
    {"2024-05-01 10:00:00 UTC", "2024-05-01T09:00:00-01", 0, MLG_TIME_ZONED},
    {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", 0, MLG_TIME_ZONED},
    {"0001-01-01", "1582-10-15", -1, MLG_TIME_LOCAL},
    {"10", "9", 1, MLG_TIME_NUMBER},
    {"1e1", "10.0", 0, MLG_TIME_NUMBER},
    {"-1.5", "-1.25", -1, MLG_TIME_NUMBER},
    {"-0.5", "0", -1, MLG_TIME_NUMBER},
    {"1714521600000000001", "1714521600000000000", 1, MLG_TIME_NUMBER},
    {"0.05", "5e-2", 0, MLG_TIME_NUMBER},
    {"1.23e-5", "0.0000123", 0, MLG_TIME_NUMBER},
};

static void times_compare_as_they_are(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct mlg_time_key a, b;
        enum mlg_time_kind kind_a, kind_b;
        if (!mlg_time_parse(text(times[i].a), '.', &a, &kind_a) ||
            !mlg_time_parse(text(times[i].b), '.', &b, &kind_b) || kind_a != times[i].kind ||
            kind_b != times[i].kind || mlg_time_compare(a, b) != times[i].order)
            fail_msg("%s and %s", times[i].a, times[i].b);
    }
}

static const char *const no_times[] = {"soon",
                                       "2024-13-01",
                                       "2023-02-29",
                                       "2024-05-01T",
                                       "2024-05-01T25:00",
                                       "2024-05-01T10",
                                       "2024-05-01T10:60",
                                       "24-05-01",
                                       "2024/05/01",
                                       "inf",
                                       "9223372036854775808",
                                       "1e30",
                                       "2024-05-01T10:00X",
                                       "2024-05-01T10:00+2",
                                       "2024-05-01T10:00:00.",
                                       "2024-05-01T24:01",
                                       "-",
                                       "",
                                       "2024-1-01",
                                       "2024-05-01T10:00+24:00"};

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof no_times / sizeof *no_times; i++) {
        struct mlg_time_key key;
        enum mlg_time_kind kind;
        if (mlg_time_parse(text(no_times[i]), '.', &key, &kind))
            fail_msg("'%s' passes for a time", no_times[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hash_is_siphash),
        cmocka_unit_test(words_hash_as_their_bytes),
        cmocka_unit_test(equal_cells_have_equal_words),
        cmocka_unit_test(words_agree_with_the_comparison_of_numbers),
        cmocka_unit_test(cells_do_not_run_together),
        cmocka_unit_test(rows_match_as_every_pair_says),
        cmocka_unit_test(a_pile_of_too_many_rows_says_so),
        cmocka_unit_test(one_hash_of_two_rows_is_refuted),
        cmocka_unit_test(more_cells_than_are_held_are_told),
        cmocka_unit_test(another_look_names_rows),
        cmocka_unit_test(a_file_that_is_another_now_is_no_second_look),
        cmocka_unit_test(times_compare_as_they_are),
        cmocka_unit_test(what_is_no_time_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
