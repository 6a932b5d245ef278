/* overfit_columns_simulation: how often are the quantities of columns wrong?
 *
 * As overfit_simulation, of gains over constant and simple models, single columns, sources told apart by
 * their columns, and labels told by order or id. Draws data sets, has each judged by a whole run of the gate,
 * and counts how often the bounds are on the wrong side of the truth. Prints the tables of the section on
 * columns of docs/overfit-simulation.md.
 *
 *   cmake --build build --target overfit_columns_simulation
 *   build/bin/overfit_columns_simulation [--scene NAME] [--sets COUNT] [--threads COUNT] [--most ROWS]
 *
 * A data set is a function of its number alone: any number of threads prints the same. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/gate.h"
#include "mlgate/parallel.h"
#include "mlgate/run.h"
#include "mlgate/text.h"
#include "random_numbers.h"
#include "world_memory.h"

enum {
    MOST_CHUNKS = 512,
    SETS_OF_CHUNK = 25,
    MOST_CHECKS = 10,
    MOST_NUMBERS = 8,
    MANY_ROWS = 1000, /* half as many data sets of so many rows */
    LARGE_ROWS = 200000,
    LARGE_SETS = 20
};

static const double alpha = 0.05;

/* ---- what is drawn ------------------------------------------------------------------------------- */

/* Where the truth is from. */
enum truth {
    TRUTH_LARGE, /* the mean of LARGE_SETS held-out sources of LARGE_ROWS rows, with the same train rows */
    TRUTH_MEAN,  /* the mean of as many other data sets: what fits to so many rows are worth on average */
    TRUTH_KNOWN
};

struct question {
    const char *quantity;
    bool at_least; /* its limits are >= */
    double known;
};

struct scene {
    const char *name, *drawn;
    size_t classes; /* 0: labels are numbers */
    /* Columns of numbers: how far the means of the classes lie apart (or the slopes of the label), and how
     * far held-out rows have moved. */
    size_t numbers;
    double telling[MOST_NUMBERS], moved[MOST_NUMBERS];
    bool has_category;
    double id_shift;   /* of class 1, or how strongly the id goes with the label */
    size_t train_rows; /* once for all data sets; 0: as many as held-out rows, drawn anew */
    enum truth truth;
    struct question questions[MOST_CHECKS];
};

#define GAINS                                                                                                \
    {                                                                                                        \
        {"gain_over_dummy(accuracy)", true, 0}, {"gain_over_dummy(log_loss)", true, 0},                      \
            {"gain_over_simple(accuracy)", true, 0}, {"gain_over_simple(roc_auc)", true, 0},                 \
            {"gain_over_simple(log_loss)", true, 0}, {"single_feature(accuracy)", false, 0},                 \
            {"single_feature(roc_auc)", false, 0}, {"single_feature(log_loss)", true, 0},                    \
    }

static const struct scene scenes[] = {
    {.name = "gains",
     .drawn = "two classes, one telling column of numbers, two weak ones and a category; 1,000 train rows",
     .classes = 2,
     .numbers = 3,
     .telling = {1.5, 0.5, 0},
     .has_category = true,
     .train_rows = 1000,
     .questions = GAINS},
    {.name = "gains_alike",
     .drawn = "two classes, eight columns that tell as much as each other; 200 train rows",
     .classes = 2,
     .numbers = 8,
     .telling = {0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6},
     .train_rows = 200,
     .questions = GAINS},
    {.name = "gains_numbers",
     .drawn = "labels are numbers, linear in two of three columns; 200 train rows",
     .numbers = 3,
     .telling = {1, 0.5, 0},
     .train_rows = 200,
     .questions = {{"gain_over_dummy(mae)", true, 0},
                   {"gain_over_dummy(mse)", true, 0},
                   {"gain_over_simple(mae)", true, 0},
                   {"gain_over_simple(mse)", true, 0},
                   {"gain_over_simple(r2)", true, 0},
                   {"single_feature(mae)", true, 0},
                   {"single_feature(r2)", false, 0}}},
    {.name = "domain_random",
     .drawn = "a random split, as many train rows; three columns of numbers and a category",
     .classes = 2,
     .numbers = 3,
     .telling = {1, 0.5, 0},
     .has_category = true,
     .truth = TRUTH_KNOWN,
     .questions = {{"domain_auc", false, 0.5}}},
    {.name = "domain_wide",
     .drawn = "a random split, as many train rows; eight columns of numbers",
     .classes = 2,
     .numbers = 8,
     .telling = {1, 0.5, 0},
     .truth = TRUTH_KNOWN,
     .questions = {{"domain_auc", false, 0.5}}},
    {.name = "domain_shifted",
     .drawn = "one of three columns has moved by half a standard deviation, as many train rows",
     .classes = 2,
     .numbers = 3,
     .telling = {1, 0.5, 0},
     .moved = {0, 0, 0.5},
     .has_category = true,
     .truth = TRUTH_MEAN,
     .questions = {{"domain_auc", false, 0}}},
    {.name = "domain_far",
     .drawn = "one of three columns has moved by two standard deviations, as many train rows",
     .classes = 2,
     .numbers = 3,
     .telling = {1, 0.5, 0},
     .moved = {0, 0, 2},
     .has_category = true,
     .truth = TRUTH_MEAN,
     .questions = {{"domain_auc", false, 0}}},
    {.name = "leak_none",
     .drawn = "two classes in any order, an id that tells nothing",
     .classes = 2,
     .truth = TRUTH_KNOWN,
     .questions = {{"id_leak", false, 0}}},
    {.name = "leak_classes_none",
     .drawn = "five classes in any order, an id that tells nothing",
     .classes = 5,
     .truth = TRUTH_KNOWN,
     .questions = {{"id_leak", false, 0}}},
    {.name = "leak_numbers_none",
     .drawn = "labels are normal numbers in any order, an id that tells nothing",
     .truth = TRUTH_KNOWN,
     .questions = {{"id_leak", false, 0}}},
    {.name = "leak_id",
     .drawn = "two classes, whose ids lie 0.8 standard deviations apart",
     .classes = 2,
     .id_shift = 0.8,
     .truth = TRUTH_KNOWN,
     .questions = {{"id_leak", false, 0.42839235504666845}}}, /* 2 Phi(0.8 / sqrt 2) - 1 */
    {.name = "leak_id_numbers",
     .drawn = "labels are numbers, the id has a correlation of 0.5 with them",
     .id_shift = 0.5,
     .truth = TRUTH_KNOWN,
     .questions = {{"id_leak", false, 0.48258373095764064}}}, /* 6 / pi asin(0.5 / 2) */
};
enum { SCENES = sizeof scenes / sizeof *scenes };

static const size_t row_counts[] = {50, 300, 3000};
enum { ROW_COUNTS = sizeof row_counts / sizeof *row_counts };

static size_t count_questions(const struct scene *scene)
{
    size_t count = 0;
    while (count < MOST_CHECKS && scene->questions[count].quantity)
        count++;
    return count;
}

/* ---- files ----------------------------------------------------------------------------------------- */

static void fail(const char *what)
{
    fprintf(stderr, "overfit_columns_simulation: %s\n", what);
    exit(3);
}

static void *must(void *memory)
{
    if (!memory)
        fail("no memory");
    return memory;
}

struct normals {
    struct random *random;
    double two[2];
    size_t drawn;
};

static double next_normal(struct normals *normals)
{
    if (normals->drawn % 2 == 0)
        draw_two_normals(normals->random, normals->two);
    return normals->two[normals->drawn++ % 2];
}

static void put_head(const struct scene *scene, struct mlg_builder *text)
{
    mlg_put(text, scene->classes ? "y,s,i" : "y,p,i");
    for (size_t j = 0; j < scene->numbers; j++)
        mlg_put_format(text, ",x%zu", j);
    mlg_put(text, scene->has_category ? ",g\n" : "\n");
}

/* The model knows nearly what there is to know: noise makes it wrong beside the simple model. */
static void put_row(const struct scene *scene, bool train, struct normals *normals, struct mlg_builder *text)
{
    struct random *random = normals->random;
    const size_t class = scene->classes ? (size_t)(draw_uniform(random) * (double)scene->classes) : 0;
    double x[MOST_NUMBERS], known = 0, label = 0;
    for (size_t j = 0; j < scene->numbers; j++) {
        const double drawn = next_normal(normals);
        x[j] = drawn + (train ? 0 : scene->moved[j]);
        if (scene->classes)
            x[j] += class == 1 ? scene->telling[j] / 2 : -scene->telling[j] / 2;
        known += scene->telling[j] * x[j];
    }
    if (scene->classes > 2) {
        mlg_put_format(text, "%zu,%zu", class, (size_t)(draw_uniform(random) * (double)scene->classes));
    } else if (scene->classes) {
        const double score = 1 / (1 + exp(-(known + 0.7 * next_normal(normals))));
        mlg_put_format(text, "%zu,%.6f", class, fmin(fmax(score, 1e-6), 1 - 1e-6));
    } else {
        label = known + next_normal(normals);
        mlg_put_format(text, "%.6f,%.6f", label, 0.95 * known + 0.3 * next_normal(normals));
    }
    const double noise = next_normal(normals), rest = sqrt(1 - scene->id_shift * scene->id_shift);
    mlg_put_format(text, ",%.6f",
                   scene->classes ? noise + (class == 1 ? scene->id_shift : 0)
                                  : scene->id_shift * label + rest * noise);
    for (size_t j = 0; j < scene->numbers; j++)
        mlg_put_format(text, ",%.6f", x[j]);
    if (scene->has_category) {
        const double uniform = draw_uniform(random), other = draw_uniform(random);
        mlg_put_format(text, ",%c", uniform < 0.2 ? "uv"[class & 1] : "uvwx"[(size_t)(other * 4)]);
    }
    mlg_put(text, "\n");
}

struct desk {
    struct world_memory world;
    struct mlg_builder train, held_out;
};

static void write_rows(const struct scene *scene, bool train, struct random *random, size_t rows,
                       struct mlg_builder *text)
{
    struct normals normals = {.random = random};
    mlg_builder_free(text);
    mlg_builder_init(text, 0);
    put_head(scene, text);
    for (size_t i = 0; i < rows; i++)
        put_row(scene, train, &normals, text);
    if (text->failed)
        fail("no memory");
}

static void put_files(struct desk *desk)
{
    world_memory_put(&desk->world, "train.csv", WORLD_MEMORY_FILE, desk->train.data, desk->train.size);
    world_memory_put(&desk->world, "test.csv", WORLD_MEMORY_FILE, desk->held_out.data, desk->held_out.size);
}

/* ---- the gate -------------------------------------------------------------------------------------- */

static const struct mlg_suite *load(const struct scene *scene, struct mlg_arena *arena)
{
    struct mlg_diagnostics list;
    struct mlg_builder text;
    const char *columns = scene->classes == 0   ? "label: y, prediction: p, id: i"
                          : scene->classes == 2 ? "label: y, score: s, positive: 1, labels: [0, 1], id: i"
                                                : "label: y, prediction: s, id: i";
    mlg_diagnostics_init(&list, arena);
    mlg_builder_init(&text, 0);
    mlg_put_format(&text,
                   "version: 1\ndata:\n  train: {path: train.csv, %s}\n  test: {path: test.csv, %s}\n"
                   "gates:\n  - {gate: overfit, data: test, %schecks: [",
                   columns, columns, scene->numbers ? "train: train, " : "");
    for (size_t q = 0; q < count_questions(scene); q++)
        mlg_put_format(&text, "%s'%s'", q ? ", " : "", scene->questions[q].quantity);
    mlg_put(&text, "]}\n");
    const char *config = must((void *)(uintptr_t)mlg_arena_copy(arena, text.data, text.size));
    mlg_builder_free(&text);
    const struct mlg_node *root = mlg_yaml_parse("mlgate.yaml", config, strlen(config), arena, &list);
    const struct mlg_suite *suite =
        root ? mlg_suite_load(root, "mlgate.yaml", mlg_gates, NULL, NULL, 0, arena, &list) : NULL;
    for (size_t i = 0; i < list.count; i++)
        if (list.items[i].severity == MLG_ERROR)
            fail(list.items[i].text);
    if (!suite)
        fail("the config cannot be read");
    return suite;
}

/* The gate's quantities, in the order of the questions. */
static const struct mlg_check_result *judge(const struct mlg_suite *suite, const struct desk *desk,
                                            struct mlg_arena *arena, size_t *count)
{
    struct mlg_results *results = must(mlg_arena_alloc(arena, 1, sizeof *results));
    struct mlg_error error = {0};
    if (mlg_suite_run(suite, &desk->world.world, NULL, 0, 1, arena, results, &error) != MLG_OK)
        fail(error.text);
    *count = results->gates[0].reported_count;
    return results->gates[0].reported;
}

/* ---- one cell -------------------------------------------------------------------------------------- */

struct tally {
    uint64_t sets, passes, fails, lost; /* lost: no interval */
    uint64_t values;
    double sum; /* of values */
};

struct cell {
    const struct scene *scene;
    size_t most_sets, rows, sets, count; /* count: of questions */
    bool is_pilot;                       /* values alone are wanted, of other data sets */
    double truths[MOST_CHECKS];
    struct tally chunks[MOST_CHUNKS][MOST_CHECKS];
};

static void draw_set(const struct cell *cell, uint64_t set, struct desk *desk)
{
    const struct scene *scene = cell->scene;
    const uint64_t number = ((uint64_t)(scene - scenes + 500) << 40) + cell->rows;
    struct random random = random_of(number + ((uint64_t)cell->is_pilot << 36), set);
    write_rows(scene, false, &random, cell->rows, &desk->held_out);
    if (scene->train_rows > 0)
        random = random_of((uint64_t)(scene - scenes) + 2000, 0);
    write_rows(scene, true, &random, scene->train_rows ? scene->train_rows : cell->rows, &desk->train);
    put_files(desk);
}

/* As verdict.c does: without limits in the config nobody searches how many more rows would decide. */
static void count_verdicts(const struct cell *cell, const struct mlg_check_result *found, size_t count,
                           struct tally *tallies)
{
    for (size_t q = 0; q < cell->count; q++) {
        struct tally *tally = &tallies[q];
        const double truth = cell->truths[q];
        tally->sets++;
        if (count != cell->count || !found[q].estimate.known) {
            tally->lost++;
            continue;
        }
        tally->values++;
        tally->sum += found[q].estimate.value;
        const bool below = found[q].upper.known && found[q].upper.value < truth;
        const bool above = found[q].lower.known && found[q].lower.value > truth;
        tally->lost += !found[q].lower.known && !found[q].upper.known;
        tally->passes += cell->scene->questions[q].at_least ? above : below;
        tally->fails += cell->scene->questions[q].at_least ? below : above;
    }
}

static void run_chunk(void *context, size_t index)
{
    struct cell *cell = context;
    struct mlg_arena config_arena;
    struct desk desk;
    const size_t size = cell->rows < LARGE_ROWS ? SETS_OF_CHUNK : 1;
    mlg_arena_init(&config_arena, 0);
    world_memory_init(&desk.world);
    mlg_builder_init(&desk.train, 0);
    mlg_builder_init(&desk.held_out, 0);
    const struct mlg_suite *suite = load(cell->scene, &config_arena);
    for (size_t set = index * size; set < cell->sets && set < (index + 1) * size; set++) {
        struct mlg_arena arena;
        size_t count;
        mlg_arena_init(&arena, 0);
        draw_set(cell, set, &desk);
        const struct mlg_check_result *found = judge(suite, &desk, &arena, &count);
        count_verdicts(cell, found, count, cell->chunks[index]);
        mlg_arena_free(&arena);
    }
    mlg_builder_free(&desk.train);
    mlg_builder_free(&desk.held_out);
    world_memory_free(&desk.world);
    mlg_arena_free(&config_arena);
}

static void run_cell(struct cell *cell, unsigned threads, struct tally sums[MOST_CHECKS])
{
    const size_t size = cell->rows < LARGE_ROWS ? SETS_OF_CHUNK : 1, chunks = (cell->sets + size - 1) / size;
    memset(cell->chunks, 0, sizeof cell->chunks);
    memset(sums, 0, MOST_CHECKS * sizeof *sums);
    mlg_parallel(threads, chunks, run_chunk, cell);
    for (size_t i = 0; i < chunks; i++)
        for (size_t q = 0; q < cell->count; q++) {
            const struct tally *one = &cell->chunks[i][q];
            sums[q].sets += one->sets;
            sums[q].passes += one->passes;
            sums[q].fails += one->fails;
            sums[q].lost += one->lost;
            sums[q].values += one->values;
            sums[q].sum += one->sum;
        }
}

/* `large_sets`: of the truths by large sources. */
static void find_truths(struct cell *cell, size_t large_sets, unsigned threads)
{
    struct tally sums[MOST_CHECKS];
    const size_t rows = cell->rows, sets = cell->sets;
    for (size_t q = 0; q < cell->count; q++)
        cell->truths[q] = cell->scene->questions[q].known;
    if (cell->scene->truth == TRUTH_KNOWN)
        return;
    cell->is_pilot = true;
    if (cell->scene->truth == TRUTH_LARGE) {
        cell->rows = LARGE_ROWS;
        cell->sets = large_sets;
    }
    run_cell(cell, threads, sums);
    for (size_t q = 0; q < cell->count; q++)
        cell->truths[q] = sums[q].sum / (double)sums[q].values;
    cell->is_pilot = false;
    cell->rows = rows;
    cell->sets = sets;
}

/* ---- the table ------------------------------------------------------------------------------------- */

/* Is it wrong in more of the sets than promised, by three Monte-Carlo errors? */
static bool is_too_many(uint64_t wrong, uint64_t sets)
{
    return (double)wrong / (double)sets > alpha + 3 * sqrt(alpha * (1 - alpha) / (double)sets);
}

static unsigned print_wrong(uint64_t wrong, uint64_t sets)
{
    const bool over = is_too_many(wrong, sets);
    printf(over ? "**%.1f**" : "%.1f", 100 * (double)wrong / (double)sets);
    return over;
}

static unsigned print_scene(const struct scene *scene, struct cell *cell, size_t most, unsigned threads)
{
    static struct tally tallies[ROW_COUNTS][MOST_CHECKS];
    unsigned excess = 0;
    cell->scene = scene;
    cell->count = count_questions(scene);
    printf("\n### %s\n\nDrawn: %s.\n\n| quantity |", scene->name, scene->drawn);
    for (size_t r = 0; r < ROW_COUNTS && row_counts[r] <= most; r++)
        printf(" %zu rows |", row_counts[r]);
    printf("\n|---|");
    for (size_t r = 0; r < ROW_COUNTS && row_counts[r] <= most; r++) {
        printf("---|");
        fflush(stdout);
        cell->rows = row_counts[r];
        cell->sets = row_counts[r] < MANY_ROWS ? cell->most_sets : (cell->most_sets + 1) / 2;
        if (r == 0 || scene->truth != TRUTH_LARGE)
            find_truths(cell, cell->most_sets < LARGE_SETS * 50 ? 2 : LARGE_SETS, threads);
        run_cell(cell, threads, tallies[r]);
    }
    puts("");
    for (size_t q = 0; q < cell->count; q++) {
        printf("| %s |", scene->questions[q].quantity);
        for (size_t r = 0; r < ROW_COUNTS && row_counts[r] <= most; r++) {
            const struct tally *tally = &tallies[r][q];
            putchar(' ');
            excess += print_wrong(tally->passes, tally->sets);
            printf(" / ");
            excess += print_wrong(tally->fails, tally->sets);
            if (tally->lost)
                printf(" (%.1f)", 100 * (double)tally->lost / (double)tally->sets);
            printf(" |");
        }
        puts("");
    }
    fflush(stdout);
    return excess;
}

/* ---- the command ----------------------------------------------------------------------------------- */

static size_t number_of(const char *text, size_t least, size_t most)
{
    char *end;
    const unsigned long long number = text ? strtoull(text, &end, 10) : 0;
    if (!text || *end || number < least || number > most) {
        fprintf(stderr, "overfit_columns_simulation: '%s' is no whole number from %zu to %zu\n",
                text ? text : "", least, most);
        exit(3);
    }
    return (size_t)number;
}

int main(int count, char **words)
{
    struct cell *cell = must(calloc(1, sizeof *cell));
    const char *only = NULL;
    size_t most = SIZE_MAX;
    unsigned threads = 2, excess = 0;
    bool found = false;
    cell->most_sets = 2000;
    for (int i = 1; i < count; i += 2) {
        const char *value = words[i + 1]; /* NULL after the last */
        if (strcmp(words[i], "--scene") == 0 && value)
            only = value;
        else if (strcmp(words[i], "--sets") == 0)
            cell->most_sets = number_of(value, 1, (size_t)MOST_CHUNKS * SETS_OF_CHUNK);
        else if (strcmp(words[i], "--threads") == 0)
            threads = (unsigned)number_of(value, 1, 64);
        else if (strcmp(words[i], "--most") == 0)
            most = number_of(value, 1, SIZE_MAX);
        else
            fail("it takes --scene NAME, --sets COUNT, --threads COUNT and --most ROWS");
    }
    for (size_t s = 0; s < SCENES; s++) {
        if (only && strcmp(only, scenes[s].name) != 0)
            continue;
        excess += print_scene(&scenes[s], cell, most, threads);
        found = true;
    }
    if (!found)
        fail("there is no scene of this name");
    printf("\nOver alpha and three Monte-Carlo errors: %u.\n", excess);
    free(cell);
    return excess > 0;
}
