/* fairness_simulation: how often is the fairness gate wrong?
 *
 * Draws data sets whose true disparity is known, has them compared and judged by the library's own code, and
 * counts the verdicts; beside it what a rule that looks at the value alone, and one that takes a percentile
 * bootstrap's interval, would have said of the same data. Prints the tables of docs/fairness-simulation.md.
 *
 *   cmake --build build --target fairness_simulation
 *   build/bin/fairness_simulation [--rows NAME] [--sets COUNT] [--bootstraps COUNT] [--threads COUNT]
 *                                 [--most ROWS]
 *
 * A data set is a function of its number alone: any number of threads prints the same. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/stats/scan_private.h"
#include "mlgate/disparity.h"
#include "mlgate/distribution.h"
#include "mlgate/parallel.h"
#include "mlgate/verdict.h"
#include "random_numbers.h"

enum {
    MOST_GROUPS = 10,
    MOST_PARTS = 2,
    MOST_CHUNKS = 4096,
    SETS_OF_CHUNK = 25,
    RESAMPLES = 200,
    /* Resampling costs more than all the rest, and of an area, row by row, most: the first sets alone. */
    BOOTSTRAPS = 2000,
    BOOTSTRAPS_OF_AREAS = 400,
    BOOTSTRAPS_OF_MANY = 100,
    MANY_ROWS = 3000
};

static const double alpha = 0.05, base_rate = 0.30;

/* ---- what is drawn ------------------------------------------------------------------------------- */

/* A group: the share of its positives, and of its negatives, that is selected; the area under its curve. */
struct truth {
    double tpr, fpr, area;
};

enum summary { SUMMARY_RATIO, SUMMARY_DIFFERENCE };
enum parts { PARTS_SELECTION, PARTS_ODDS, PARTS_AREA };

struct quantity {
    const char *row;   /* --rows */
    const char *check; /* as in mlgate.yaml */
    enum summary summary;
    enum parts parts;
    const char *drawn;           /* in words */
    struct truth most;           /* the groups that are equal */
    struct truth one_behind;     /* one against the others: hardest for a pass */
    struct truth many_behind;    /* half of them: hardest for a fail */
    size_t larger;               /* so many times the rows of the first group have the others */
    size_t up_to;                /* rows; what is drawn there is hard where they are few */
    bool has_limit, many_differ; /* is there a truth on the limit; is many_behind another truth than one's */
};

static const struct quantity quantities[] = {
    {.row = "ratio",
     .check = "selection_rate_ratio >= 0.8",
     .summary = SUMMARY_RATIO,
     .drawn = "selection rate 0.30; behind: 0.24",
     .most = {.tpr = 0.30, .fpr = 0.30},
     .one_behind = {.tpr = 0.24, .fpr = 0.24},
     .many_behind = {.tpr = 0.24, .fpr = 0.24},
     .larger = 1,
     .up_to = 10000,
     .has_limit = true},
    {.row = "difference",
     .check = "selection_rate_difference <= 0.1",
     .summary = SUMMARY_DIFFERENCE,
     .drawn = "selection rate 0.30; behind: 0.20",
     .most = {.tpr = 0.30, .fpr = 0.30},
     .one_behind = {.tpr = 0.20, .fpr = 0.20},
     .many_behind = {.tpr = 0.20, .fpr = 0.20},
     .larger = 1,
     .up_to = 10000,
     .has_limit = true},
    {.row = "odds",
     .check = "equalized_odds_difference <= 0.1",
     .summary = SUMMARY_DIFFERENCE,
     .parts = PARTS_ODDS,
     .drawn = "true positive rate 0.70, false positive rate 0.20, positive labels 0.30; behind: true "
              "positive rate 0.60; half of the groups behind: false positive rate 0.30 too",
     .most = {.tpr = 0.70, .fpr = 0.20},
     .one_behind = {.tpr = 0.60, .fpr = 0.20},
     .many_behind = {.tpr = 0.60, .fpr = 0.30},
     .larger = 1,
     .up_to = 10000,
     .has_limit = true,
     .many_differ = true},
    {.row = "auc",
     .check = "roc_auc_difference <= 0.1",
     .summary = SUMMARY_DIFFERENCE,
     .parts = PARTS_AREA,
     .drawn = "normal scores with an area of 0.80, positive labels 0.30; behind: area 0.70",
     .most = {.area = 0.80},
     .one_behind = {.area = 0.70},
     .many_behind = {.area = 0.70},
     .larger = 1,
     .up_to = 10000,
     .has_limit = true},
    {.row = "parity",
     .check = "selection_rate_difference <= 0",
     .summary = SUMMARY_DIFFERENCE,
     .drawn = "selection rate 0.30 in all groups, which is on the limit",
     .most = {.tpr = 0.30, .fpr = 0.30},
     .larger = 1,
     .up_to = 10000},
    {.row = "rare",
     .check = "selection_rate_ratio >= 0.8",
     .summary = SUMMARY_RATIO,
     .drawn = "selection rate 0.05; behind: 0.04",
     .most = {.tpr = 0.05, .fpr = 0.05},
     .one_behind = {.tpr = 0.04, .fpr = 0.04},
     .many_behind = {.tpr = 0.04, .fpr = 0.04},
     .larger = 1,
     .up_to = 10000,
     .has_limit = true},
    {.row = "uneven",
     .check = "selection_rate_ratio >= 0.8",
     .summary = SUMMARY_RATIO,
     .drawn = "selection rate 0.05; behind: 0.04; the first group, which is behind, has the rows told, "
              "the others ten times as many",
     .most = {.tpr = 0.05, .fpr = 0.05},
     .one_behind = {.tpr = 0.04, .fpr = 0.04},
     .many_behind = {.tpr = 0.04, .fpr = 0.04},
     .larger = 10,
     .up_to = 1000,
     .has_limit = true},
    {.row = "end",
     .check = "selection_rate_difference <= 0.1",
     .summary = SUMMARY_DIFFERENCE,
     .drawn = "selection rate 0.98; behind: 0.88; the first group, which is behind, has the rows told, "
              "the others ten times as many",
     .most = {.tpr = 0.98, .fpr = 0.98},
     .one_behind = {.tpr = 0.88, .fpr = 0.88},
     .many_behind = {.tpr = 0.88, .fpr = 0.88},
     .larger = 10,
     .up_to = 1000,
     .has_limit = true},
    {.row = "ahead",
     .check = "selection_rate_difference <= 0.1",
     .summary = SUMMARY_DIFFERENCE,
     .drawn = "selection rate 0.88; on the limit: 0.98, ahead of the others; the first group, which is "
              "ahead, has the rows told, the others ten times as many",
     .most = {.tpr = 0.88, .fpr = 0.88},
     .one_behind = {.tpr = 0.98, .fpr = 0.98},
     .many_behind = {.tpr = 0.98, .fpr = 0.98},
     .larger = 10,
     .up_to = 1000,
     .has_limit = true},
    {.row = "auc_high",
     .check = "roc_auc_difference <= 0.1",
     .summary = SUMMARY_DIFFERENCE,
     .parts = PARTS_AREA,
     .drawn = "normal scores with an area of 0.97, positive labels 0.30; behind: area 0.87",
     .most = {.area = 0.97},
     .one_behind = {.area = 0.87},
     .many_behind = {.area = 0.87},
     .larger = 1,
     .up_to = 1000,
     .has_limit = true},
};
enum { QUANTITIES = sizeof quantities / sizeof *quantities };

static const size_t group_counts[] = {2, 3, 5, 10};
static const size_t row_counts[] = {30, 100, 300, 1000, 3000, 10000};
enum {
    GROUP_COUNTS = sizeof group_counts / sizeof *group_counts,
    ROW_COUNTS = sizeof row_counts / sizeof *row_counts
};

enum scene { SCENE_EQUAL, SCENE_ONE_BEHIND, SCENE_MANY_BEHIND, SCENES };

static const struct truth *truth_of(const struct quantity *quantity, enum scene scene, size_t groups,
                                    size_t group)
{
    if (scene == SCENE_ONE_BEHIND)
        return group == 0 ? &quantity->one_behind : &quantity->most;
    if (scene == SCENE_MANY_BEHIND)
        return group < groups / 2 ? &quantity->many_behind : &quantity->most;
    return &quantity->most;
}

/* Is the scene another one than the ones before it? */
static bool is_drawn(const struct quantity *quantity, enum scene scene, size_t groups)
{
    if (scene == SCENE_EQUAL)
        return true;
    return quantity->has_limit && (scene == SCENE_ONE_BEHIND || quantity->many_differ || groups / 2 > 1);
}

/* ---- one data set, as a scan leaves it ----------------------------------------------------------- */

enum { TN, FP, FN, TP, CELLS }; /* label x prediction */

struct sample {
    size_t groups;
    size_t starts[MOST_GROUPS + 1]; /* of the groups' rows */
    uint64_t cells[MOST_GROUPS][CELLS];
    uint16_t *label; /* group by group */
    double *score;
    /* the scan around them */
    struct mlg_scan_whole whole;
    struct mlg_slices slicings[2];
    struct mlg_slice all, slices[MOST_GROUPS];
    struct mlg_tally all_tally, tallies[MOST_GROUPS];
    struct mlg_tally *tallies_of[2];
    uint32_t *row_list, *row_lists[2];
    size_t *row_starts[2];
    const double *scores[1];
    struct mlg_group items[MOST_GROUPS];
};

static const char *const class_names[] = {"0", "1"};
static const char *const group_names[MOST_GROUPS] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};

static size_t rows_of(const struct sample *sample, size_t group)
{
    return sample->starts[group + 1] - sample->starts[group];
}

/* The scan points into the sample, which stays where it is. */
static void lay_out(struct sample *sample)
{
    struct mlg_scan *scan = &sample->whole.scan;
    const size_t total = sample->starts[sample->groups];
    sample->all.rows = total;
    sample->slicings[0] = (struct mlg_slices){.items = &sample->all, .count = 1};
    sample->slicings[1] = (struct mlg_slices){.items = sample->slices, .count = sample->groups};
    sample->tallies_of[0] = &sample->all_tally;
    sample->tallies_of[1] = sample->tallies;
    sample->row_lists[1] = sample->row_list;
    sample->row_starts[1] = sample->starts;
    sample->scores[0] = sample->score;
    for (size_t g = 0; g < sample->groups; g++) {
        sample->slices[g].rows = rows_of(sample, g);
        sample->tallies[g] =
            (struct mlg_tally){.classes = 2, .rows = rows_of(sample, g), .count = sample->cells[g]};
        sample->items[g] = (struct mlg_group){.slicing = 1, .slice = g, .name = group_names[g]};
    }
    *scan = (struct mlg_scan){.rows = total,
                              .classes = {.count = 2,
                                          .names = (const char **)(uintptr_t)class_names,
                                          .numeric = true,
                                          .positive = 1,
                                          .has_predictions = true},
                              .slicing_count = 2,
                              .slicings = sample->slicings,
                              .score_count = 1};
    sample->whole.tallies = sample->tallies_of;
    if (!sample->row_list)
        return;
    for (size_t i = 0; i < total; i++)
        sample->row_list[i] = (uint32_t)i;
    scan->kept = (struct mlg_rows){.count = total,
                                   .label = sample->label,
                                   .ranks = sample->scores,
                                   .scores = sample->scores,
                                   .score_count = 1};
    sample->whole.row_lists = sample->row_lists;
    sample->whole.row_starts = sample->row_starts;
}

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (!memory) {
        fputs("fairness_simulation: no memory\n", stderr);
        exit(3);
    }
    return memory;
}

static struct sample *sample_new(const struct quantity *quantity, size_t groups, size_t rows)
{
    struct sample *sample = allocate(1, sizeof *sample);
    sample->groups = groups;
    for (size_t g = 0; g < groups; g++)
        sample->starts[g + 1] = sample->starts[g] + (g == 0 ? rows : rows * quantity->larger);
    if (quantity->parts == PARTS_AREA) {
        const size_t total = sample->starts[groups];
        sample->label = allocate(total, sizeof *sample->label);
        sample->score = allocate(total, sizeof *sample->score);
        sample->row_list = allocate(total, sizeof *sample->row_list);
    }
    lay_out(sample);
    return sample;
}

static void sample_free(struct sample *sample)
{
    free(sample->label);
    free(sample->score);
    free(sample->row_list);
    free(sample);
}

static void draw_counts(struct random *random, size_t rows, const struct truth *truth, uint64_t cells[CELLS])
{
    const uint64_t positives = draw_binomial(random, rows, base_rate);
    cells[TP] = draw_binomial(random, positives, truth->tpr);
    cells[FN] = positives - cells[TP];
    cells[FP] = draw_binomial(random, rows - positives, truth->fpr);
    cells[TN] = rows - positives - cells[FP];
}

/* Positives lie `shift` higher: P(positive > negative) = Phi(shift / sqrt 2). */
static void draw_scores(struct random *random, size_t rows, const struct truth *truth, uint16_t *label,
                        double *score)
{
    const double shift = sqrt(2) * mlg_normal_quantile(truth->area);
    double normals[2] = {0};
    for (size_t i = 0; i < rows; i++) {
        if (i % 2 == 0)
            draw_two_normals(random, normals);
        label[i] = draw_uniform(random) < base_rate;
        score[i] = normals[i % 2] + (label[i] ? shift : 0);
    }
}

static void draw_sample(struct random *random, const struct quantity *quantity, enum scene scene,
                        struct sample *sample)
{
    for (size_t g = 0; g < sample->groups; g++) {
        const struct truth *truth = truth_of(quantity, scene, sample->groups, g);
        const size_t first = sample->starts[g], rows = rows_of(sample, g);
        if (sample->label)
            draw_scores(random, rows, truth, sample->label + first, sample->score + first);
        else
            draw_counts(random, rows, truth, sample->cells[g]);
    }
}

/* ---- the gate, and the rule of the value alone --------------------------------------------------- */

/* The check as the gate reads it. */
struct question {
    struct mlg_arena arena;
    struct mlg_check check;
    struct mlg_call call;
    struct mlg_settings settings;
};

static void ask(const char *text, struct question *question)
{
    struct mlg_error error = {0};
    const char *name;
    mlg_arena_init(&question->arena, 0);
    question->settings = mlg_settings_defaults;
    question->settings.confidence = 1 - alpha;
    if (mlg_check_parse(text, strlen(text), &question->arena, &question->check, &error) != MLG_OK ||
        mlg_disparity_resolve(&question->check, &question->arena, &question->call, &name, &error) != MLG_OK) {
        fprintf(stderr, "fairness_simulation: %s\n", error.text);
        exit(3);
    }
}

/* The evidence for the rows at hand alone: how many more would decide is not counted here, and costs most. */
static int at_hand(const void *state, double confidence, double multiplier, double *lower, double *upper)
{
    const struct mlg_evidence *whole = state;
    if (multiplier < 1 || multiplier > 1)
        return 1;
    return whole->bounds(whole->state, confidence, multiplier, lower, upper);
}

/* What was said, of how many sets. */
struct outcome {
    uint64_t sets, gate[MLG_VERDICT_COUNT], point_passes, point_fails;
    uint64_t bootstraps, bootstrap_passes, bootstrap_fails;
};

static void judge(const struct question *question, const struct sample *sample, struct outcome *outcome)
{
    struct mlg_arena scratch;
    struct mlg_error error = {0};
    struct mlg_evidence evidence, here;
    struct mlg_outcome parts;
    struct mlg_judgement judgement;
    const struct mlg_groups groups = {.items = sample->items,
                                      .count = sample->groups,
                                      .reference = -1,
                                      .method = mlg_settings_method(&question->settings),
                                      .comparator = question->check.comparator,
                                      .limit = question->check.limit.value};
    mlg_arena_init(&scratch, 0);
    struct mlg_view view = {.scan = &sample->whole.scan, .scratch = &scratch};
    if (mlg_disparity_evaluate(&question->call, &view, &groups, &evidence, &parts, &error) != MLG_OK) {
        fprintf(stderr, "fairness_simulation: %s\n", error.text);
        exit(3);
    }
    here = evidence;
    if (evidence.kind == MLG_BOUNDS) {
        here.bounds = at_hand;
        here.state = &evidence;
    }
    mlg_judge(&here, question->check.comparator, &question->check.limit, &question->settings, &judgement);
    outcome->sets++;
    outcome->gate[judgement.verdict]++;
    if (evidence.kind != MLG_UNDEFINED)
        mlg_meets(&evidence, question->check.comparator, &question->check.limit) ? outcome->point_passes++
                                                                                 : outcome->point_fails++;
    mlg_arena_free(&scratch);
}

/* ---- the rule of a bootstrap's interval ---------------------------------------------------------- */

static double share(uint64_t count, uint64_t of)
{
    return of ? (double)count / (double)of : 0;
}

/* One group again, drawn from itself: a multinomial, by binomials. */
static void resample_counts(struct random *random, enum parts parts, const uint64_t cells[CELLS],
                            double values[MOST_PARTS])
{
    const uint64_t positives = cells[TP] + cells[FN], rows = positives + cells[FP] + cells[TN];
    if (parts == PARTS_SELECTION) {
        values[0] = share(draw_binomial(random, rows, share(cells[TP] + cells[FP], rows)), rows);
        return;
    }
    const uint64_t drawn = draw_binomial(random, rows, share(positives, rows));
    values[0] = share(draw_binomial(random, drawn, share(cells[TP], positives)), drawn);
    values[1] = share(draw_binomial(random, rows - drawn, share(cells[FP], rows - positives)), rows - drawn);
}

/* Labels in the order of the scores, which are all different. */
struct order {
    double score;
    uint32_t label;
};

static int by_score(const void *a, const void *b)
{
    const struct order *one = a, *other = b;
    return (one->score > other->score) - (one->score < other->score);
}

static double resample_area(struct random *random, const struct order *rows, size_t count, uint16_t *times)
{
    uint64_t positives = 0, negatives = 0, won = 0;
    memset(times, 0, count * sizeof *times);
    for (size_t i = 0; i < count; i += 2) {
        const uint64_t two = draw(random);
        times[(two >> 32) * count >> 32]++;
        if (i + 1 < count)
            times[(two & UINT32_MAX) * count >> 32]++;
    }
    for (size_t i = 0; i < count; i++) {
        won += rows[i].label ? times[i] * negatives : 0;
        *(rows[i].label ? &positives : &negatives) += times[i];
    }
    return positives && negatives ? (double)won / ((double)positives * (double)negatives) : 0.5;
}

static double summarise(enum summary summary, const double *values, size_t count)
{
    double most = values[0], least = values[0];
    for (size_t i = 1; i < count; i++) {
        most = fmax(most, values[i]);
        least = fmin(least, values[i]);
    }
    return summary == SUMMARY_DIFFERENCE ? most - least : most > 0 ? least / most : 1;
}

static int by_size(const void *a, const void *b)
{
    const double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

/* NumPy's and R's: linear between the order statistics. */
static double quantile(const double *sorted, size_t count, double probability)
{
    const double at = probability * (double)(count - 1);
    const size_t below = (size_t)at;
    return below + 1 < count ? sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below])
                             : sorted[below];
}

/* Each end at alpha, as the gate's. */
static void bootstrap(struct random *random, const struct quantity *quantity, const struct question *question,
                      const struct sample *sample, struct outcome *outcome)
{
    const size_t groups = sample->groups, total = sample->starts[groups];
    double drawn[RESAMPLES];
    struct order *ordered = NULL;
    uint16_t *times = NULL;
    if (quantity->parts == PARTS_AREA) {
        ordered = allocate(total, sizeof *ordered);
        times = allocate(total, sizeof *times);
        for (size_t i = 0; i < total; i++)
            ordered[i] = (struct order){sample->score[i], sample->label[i]};
        for (size_t g = 0; g < groups; g++)
            qsort(ordered + sample->starts[g], rows_of(sample, g), sizeof *ordered, by_score);
    }
    for (size_t b = 0; b < RESAMPLES; b++) {
        double values[MOST_PARTS][MOST_GROUPS], one[MOST_PARTS] = {0};
        for (size_t g = 0; g < groups; g++) {
            if (ordered)
                one[0] = resample_area(random, ordered + sample->starts[g], rows_of(sample, g), times);
            else
                resample_counts(random, quantity->parts, sample->cells[g], one);
            values[0][g] = one[0];
            values[1][g] = one[1];
        }
        drawn[b] = summarise(quantity->summary, values[0], groups);
        if (quantity->parts == PARTS_ODDS)
            drawn[b] = fmax(drawn[b], summarise(quantity->summary, values[1], groups));
    }
    qsort(drawn, RESAMPLES, sizeof *drawn, by_size);
    const double lower = quantile(drawn, RESAMPLES, alpha), upper = quantile(drawn, RESAMPLES, 1 - alpha);
    const double limit = question->check.limit.value;
    const bool ratio = quantity->summary == SUMMARY_RATIO;
    outcome->bootstraps++;
    outcome->bootstrap_fails += ratio ? upper < limit : lower > limit;
    outcome->bootstrap_passes += ratio ? lower >= limit : upper <= limit;
    free(ordered);
    free(times);
}

/* ---- one cell of the table ----------------------------------------------------------------------- */

struct cell {
    const struct quantity *quantity;
    const struct question *question;
    enum scene scene;
    size_t groups, rows, sets, bootstraps; /* at most so many */
    struct outcome chunks[MOST_CHUNKS];
};

static size_t bootstraps_of(const struct cell *cell)
{
    const size_t of_areas = cell->rows >= MANY_ROWS ? BOOTSTRAPS_OF_MANY : BOOTSTRAPS_OF_AREAS;
    const size_t usual = cell->quantity->parts == PARTS_AREA ? of_areas : BOOTSTRAPS;
    return usual < cell->bootstraps ? usual : cell->bootstraps;
}

static void run_chunk(void *context, size_t index)
{
    struct cell *cell = context;
    const struct quantity *quantity = cell->quantity;
    const size_t sets = cell->sets, bootstraps = bootstraps_of(cell);
    const uint64_t number = ((uint64_t)(quantity - quantities) << 48) + ((uint64_t)cell->scene << 40) +
                            ((uint64_t)cell->groups << 32) + cell->rows;
    struct sample *sample = sample_new(quantity, cell->groups, cell->rows);
    for (size_t set = index * SETS_OF_CHUNK; set < sets && set < (index + 1) * SETS_OF_CHUNK; set++) {
        struct random random = random_of(number, set);
        draw_sample(&random, quantity, cell->scene, sample);
        judge(cell->question, sample, &cell->chunks[index]);
        if (set < bootstraps)
            bootstrap(&random, quantity, cell->question, sample, &cell->chunks[index]);
    }
    sample_free(sample);
}

static struct outcome run_cell(struct cell *cell, unsigned threads)
{
    const size_t chunks = (cell->sets + SETS_OF_CHUNK - 1) / SETS_OF_CHUNK;
    struct outcome sum = {0};
    memset(cell->chunks, 0, sizeof cell->chunks);
    mlg_parallel(threads, chunks, run_chunk, cell);
    for (size_t i = 0; i < chunks; i++) {
        const struct outcome *one = &cell->chunks[i];
        sum.sets += one->sets;
        for (size_t v = 0; v < MLG_VERDICT_COUNT; v++)
            sum.gate[v] += one->gate[v];
        sum.point_passes += one->point_passes;
        sum.point_fails += one->point_fails;
        sum.bootstraps += one->bootstraps;
        sum.bootstrap_passes += one->bootstrap_passes;
        sum.bootstrap_fails += one->bootstrap_fails;
    }
    return sum;
}

/* ---- the table ----------------------------------------------------------------------------------- */

/* Of how many sets it may be wrong before that is more than alpha and three Monte-Carlo errors. */
static bool is_too_many(uint64_t wrong, uint64_t sets)
{
    return share(wrong, sets) > alpha + 3 * sqrt(alpha * (1 - alpha) / (double)sets);
}

static void print_share(uint64_t count, uint64_t sets)
{
    printf(" %.1f |", 100 * share(count, sets));
}

/* The gate's mistakes: too many of them stand out. */
static unsigned print_wrong(uint64_t wrong, uint64_t sets)
{
    const bool over = is_too_many(wrong, sets);
    printf(over ? " **%.1f** |" : " %.1f |", 100 * share(wrong, sets));
    return over;
}

static void print_head(const struct quantity *quantity)
{
    printf("\n### %s: `%s`\n\nDrawn: %s.\n\n", quantity->row, quantity->check, quantity->drawn);
    if (!quantity->has_limit) {
        printf("| groups | rows | gate fails | point fails | bootstrap fails |\n"
               "|---:|---:|---:|---:|---:|\n");
        return;
    }
    printf("| groups | rows | equal: gate fails | gate passes | point fails | bootstrap fails "
           "| one on the limit: gate fails | gate passes | point passes | bootstrap passes "
           "| half on the limit: gate fails |\n"
           "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n");
}

/* How many of the gate's shares are too many. */
static unsigned print_row(struct cell *cell, unsigned threads, uint64_t *errors)
{
    const struct quantity *quantity = cell->quantity;
    unsigned over = 0;
    printf("| %zu | %zu |", cell->groups, cell->rows);
    for (cell->scene = SCENE_EQUAL; cell->scene < SCENES; cell->scene++) {
        if (!is_drawn(quantity, cell->scene, cell->groups)) {
            printf(quantity->has_limit ? " |" : "");
            continue;
        }
        const struct outcome outcome = run_cell(cell, threads);
        *errors += outcome.gate[MLG_VERDICT_ERROR];
        over += print_wrong(outcome.gate[MLG_FAIL], outcome.sets);
        switch (cell->scene) {
        case SCENE_EQUAL:
            if (quantity->has_limit)
                print_share(outcome.gate[MLG_PASS], outcome.sets);
            print_share(outcome.point_fails, outcome.sets);
            print_share(outcome.bootstrap_fails, outcome.bootstraps);
            break;
        case SCENE_ONE_BEHIND:
            over += print_wrong(outcome.gate[MLG_PASS], outcome.sets);
            print_share(outcome.point_passes, outcome.sets);
            print_share(outcome.bootstrap_passes, outcome.bootstraps);
            break;
        case SCENE_MANY_BEHIND:
        case SCENES:
            break;
        }
        fflush(stdout);
    }
    puts("");
    return over;
}

static unsigned print_quantity(const struct quantity *quantity, struct cell *cell, size_t most,
                               unsigned threads, uint64_t *errors)
{
    struct question question;
    unsigned over = 0;
    ask(quantity->check, &question);
    cell->quantity = quantity;
    cell->question = &question;
    print_head(quantity);
    for (size_t g = 0; g < GROUP_COUNTS; g++)
        for (size_t r = 0; r < ROW_COUNTS && row_counts[r] <= most && row_counts[r] <= quantity->up_to; r++) {
            cell->groups = group_counts[g];
            cell->rows = row_counts[r];
            over += print_row(cell, threads, errors);
        }
    mlg_arena_free(&question.arena);
    return over;
}

/* ---- the command --------------------------------------------------------------------------------- */

static size_t number_of(const char *text, size_t least, size_t most)
{
    char *end;
    const unsigned long long number = text ? strtoull(text, &end, 10) : 0;
    if (!text || *end || number < least || number > most) {
        fprintf(stderr, "fairness_simulation: '%s' is no whole number from %zu to %zu\n", text ? text : "",
                least, most);
        exit(3);
    }
    return (size_t)number;
}

int main(int count, char **words)
{
    static struct cell cell;
    const char *rows = NULL;
    size_t most = SIZE_MAX;
    unsigned threads = 2, over = 0;
    uint64_t errors = 0;
    bool found = false;
    cell.sets = 10000;
    cell.bootstraps = SIZE_MAX;
    for (int i = 1; i < count; i += 2) {
        const char *value = words[i + 1]; /* NULL after the last */
        if (strcmp(words[i], "--rows") == 0 && value) {
            rows = value;
        } else if (strcmp(words[i], "--sets") == 0) {
            cell.sets = number_of(value, 1, (size_t)MOST_CHUNKS * SETS_OF_CHUNK);
        } else if (strcmp(words[i], "--bootstraps") == 0) {
            cell.bootstraps = number_of(value, 0, SIZE_MAX);
        } else if (strcmp(words[i], "--threads") == 0) {
            threads = (unsigned)number_of(value, 1, 64);
        } else if (strcmp(words[i], "--most") == 0) {
            most = number_of(value, 1, SIZE_MAX);
        } else {
            fprintf(stderr,
                    "fairness_simulation: unknown option '%s'; it takes --rows NAME, --sets COUNT, "
                    "--bootstraps COUNT, --threads COUNT and --most ROWS\n",
                    words[i]);
            return 3;
        }
    }
    for (size_t q = 0; q < QUANTITIES; q++) {
        if (rows && strcmp(rows, quantities[q].row) != 0)
            continue;
        over += print_quantity(&quantities[q], &cell, most, threads, &errors);
        found = true;
    }
    if (!found) {
        fprintf(stderr, "fairness_simulation: unknown rows '%s'; there are", rows);
        for (size_t q = 0; q < QUANTITIES; q++)
            fprintf(stderr, " %s", quantities[q].row);
        fputs("\n", stderr);
        return 3;
    }
    printf("\nOver alpha and three Monte-Carlo errors: %u. Data sets that could not be measured: %llu.\n",
           over, (unsigned long long)errors);
    return over > 0;
}
