/* Rows drawn by what they hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "../../lib/stats/hashed.h"
#include "mlgate/table.h"

enum { ROWS = 2000, MOST = 1000, CONTENTS = 37 };

/* Row `row` of ROWS holds a number and a text. */
struct table {
    double numbers[ROWS];
    uint32_t codes[ROWS];
    struct mlg_feature items[2];
    struct mlg_features features;
};

static const char *const texts[] = {"a", "b", "c"}, *const texts_backwards[] = {"c", "b", "a"};

static void fill(struct table *table, size_t contents, bool backwards)
{
    for (size_t i = 0; i < ROWS; i++) {
        const size_t content = (backwards ? ROWS - 1 - i : i) % contents;
        table->numbers[i] = content == 0 ? (double)NAN : (double)content - 1;
        table->codes[i] =
            content % 5 == 4 ? MLG_CODE_MISSING : (uint32_t)(backwards ? 2 - content % 3 : content % 3);
    }
    table->items[0] = (struct mlg_feature){.is_numeric = true, .numbers = table->numbers};
    table->items[1] = (struct mlg_feature){
        .codes = table->codes, .texts = backwards ? texts_backwards : texts, .text_count = 3};
    table->features = (struct mlg_features){ROWS, 2, table->items};
}

/* How many rows of each content are drawn; -1 is the content of a missing number. */
static void draw(const struct table *table, uint64_t salt, size_t drawn[ROWS])
{
    static struct mlg_hashed rows[ROWS];
    assert_true(mlg_hashed_cells(&table->features, MLG_HASHED_MISSING, rows));
    assert_true(mlg_hashed_draw(rows, ROWS, MOST, salt));
    memset(drawn, 0, ROWS * sizeof *drawn);
    for (size_t i = 0; i < MOST; i++) {
        assert_true(i == 0 || rows[i].row > rows[i - 1].row);
        const double number = table->numbers[rows[i].row];
        drawn[isnan(number) ? 0 : (size_t)number + 1]++;
    }
}

static void the_order_of_rows_and_of_codes_draws_the_same(void **state)
{
    static struct table table, other;
    static size_t one[ROWS], two[ROWS];
    (void)state;
    fill(&table, CONTENTS, false);
    fill(&other, CONTENTS, true);
    draw(&table, 1, one);
    draw(&other, 1, two);
    assert_memory_equal(one, two, sizeof one);
}

/* Of 54 equal rows 27, give or take four standard deviations. */
static void equal_rows_are_drawn_each_for_itself(void **state)
{
    static struct table table;
    static size_t drawn[ROWS];
    (void)state;
    fill(&table, CONTENTS, false);
    draw(&table, 1, drawn);
    for (size_t k = 0; k < CONTENTS; k++)
        if (drawn[k] < 13 || drawn[k] > 41)
            fail_msg("%zu of the rows that hold %zu", drawn[k], k);
}

/* Half of the half, give or take four standard deviations. */
static void two_sources_draw_apart(void **state)
{
    static struct table table;
    static size_t one[ROWS], two[ROWS], both;
    (void)state;
    fill(&table, ROWS, false);
    draw(&table, 1, one);
    draw(&table, 2, two);
    for (size_t k = 0; k < ROWS; k++)
        both += one[k] && two[k];
    if (both < 455 || both > 545)
        fail_msg("%zu rows are drawn of both", both);
}

static void a_missing_number_is_no_zero_but_minus_zero_is(void **state)
{
    static const double numbers[] = {NAN, 0, -0.0};
    const struct mlg_feature item = {.is_numeric = true, .numbers = numbers};
    const struct mlg_features features = {3, 1, &item};
    struct mlg_hashed rows[3];
    (void)state;
    assert_true(mlg_hashed_cells(&features, MLG_HASHED_MISSING, rows));
    assert_true(rows[0].hash != rows[1].hash);
    assert_true(rows[1].hash == rows[2].hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_of_rows_and_of_codes_draws_the_same),
        cmocka_unit_test(equal_rows_are_drawn_each_for_itself),
        cmocka_unit_test(two_sources_draw_apart),
        cmocka_unit_test(a_missing_number_is_no_zero_but_minus_zero_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
