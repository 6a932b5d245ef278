/* overfit_simulation: how often is the overfit gate wrong?
 *
 * Draws prediction files of models whose true gap is known, has each judged by a whole run of the gate at a
 * limit that equals the truth, where a pass and a fail are both wrong, and counts the verdicts. Prints the
 * tables of docs/overfit-simulation.md.
 *
 *   cmake --build build --target overfit_simulation
 *   build/bin/overfit_simulation [--scene NAME] [--sets COUNT] [--threads COUNT] [--least ROWS] [--most ROWS]
 *
 * A data set is a function of its number alone: any number of threads prints the same. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/distribution.h"
#include "mlgate/gate.h"
#include "mlgate/parallel.h"
#include "mlgate/run.h"
#include "random_numbers.h"
#include "world_memory.h"

enum {
    MOST_CHUNKS = 4096,
    SETS_OF_CHUNK = 25,
    MOST_CHECKS = 16,
    MOST_FEATURES = 20,
    MOST_FOLDS = 10,
    ROWS_OF_CLUSTER = 5,
    TRAIN_ROWS = 200,
    MANY_ROWS = 3000, /* so many and more are dear: fewer data sets */
    LONGEST_ROW = 64,
    LONGEST_CONFIG = 4096
};

static const double alpha = 0.05, pi = 3.14159265358979323846;

/* ---- what is drawn ------------------------------------------------------------------------------- */

/* Rows whose scores are normal, positives' around distance / 2 and negatives' around -distance / 2. */
struct part_of_rows {
    double share, weight, distance;
};

enum kind { KIND_CLASSES, KIND_NUMBERS, KIND_FOLDED_CLASSES, KIND_FOLDED_NUMBERS };
enum errors { ERRORS_NORMAL, ERRORS_LAPLACE };

struct scene {
    const char *name;  /* --scene */
    const char *drawn; /* in words */
    enum kind kind;
    /* classes */
    double base_rate, sharpness; /* of the predicted logits: 1 is calibrated */
    struct part_of_rows parts[2];
    double train_distance;
    /* numbers: labels are predictions, which are standard normal, and an error of this size */
    double error;
    enum errors errors;
    double train_error;
    /* both */
    bool weighted, clustered;
    double train_times; /* train rows for each held-out one, drawn anew; 0: all train rows, once */
    /* folds */
    size_t folds, features;
    double signal; /* how far the means of the classes lie apart, or the size of the coefficients */
    double harder; /* by so much the first fold's rows lie nearer to the border */
};

static const struct scene scenes[] = {
    {.name = "good",
     .drawn = "held-out accuracy 0.90, calibrated",
     .base_rate = 0.5,
     .sharpness = 1,
     .parts = {{1, 1, 2.563}},
     .train_distance = 3.29},
    {.name = "middling",
     .drawn = "held-out accuracy 0.70, twice too sure",
     .base_rate = 0.5,
     .sharpness = 2,
     .parts = {{1, 1, 1.049}},
     .train_distance = 3.29},
    {.name = "poor",
     .drawn = "held-out accuracy 0.55, four times too sure",
     .base_rate = 0.5,
     .sharpness = 4,
     .parts = {{1, 1, 0.251}},
     .train_distance = 3.29},
    {.name = "perfect",
     .drawn = "held-out accuracy 0.98, calibrated",
     .base_rate = 0.5,
     .sharpness = 1,
     .parts = {{1, 1, 4.107}},
     .train_distance = 6},
    {.name = "rare",
     .drawn = "5 % positive, held-out AUC 0.92, calibrated",
     .base_rate = 0.05,
     .sharpness = 1,
     .parts = {{1, 1, 2}},
     .train_distance = 3.29},
    {.name = "rarer",
     .drawn = "2 % positive, held-out AUC 0.92, calibrated",
     .base_rate = 0.02,
     .sharpness = 1,
     .parts = {{1, 1, 2}},
     .train_distance = 3.29},
    {.name = "weighted",
     .drawn = "a fifth of the rows weighs four times as much and is harder: accuracies 0.90 and 0.75",
     .base_rate = 0.4,
     .sharpness = 1,
     .parts = {{0.8, 1, 2.563}, {0.2, 4, 1.349}},
     .train_distance = 3.29,
     .weighted = true},
    {.name = "clustered",
     .drawn = "clusters of five rows, with half of the variance of their scores in common; accuracy 0.80",
     .base_rate = 0.5,
     .sharpness = 1,
     .parts = {{1, 1, 1.683}},
     .train_distance = 3.29,
     .clustered = true},
    {.name = "numbers",
     .drawn = "normal errors, held-out r2 0.80, train r2 0.95",
     .kind = KIND_NUMBERS,
     .error = 0.5,
     .train_error = 0.23},
    {.name = "numbers_laplace",
     .drawn = "errors of Laplace's distribution, held-out r2 0.50",
     .kind = KIND_NUMBERS,
     .error = 1,
     .errors = ERRORS_LAPLACE,
     .train_error = 0.23},
    {.name = "numbers_clustered",
     .drawn = "clusters of five rows with half of the variance of their normal errors in common",
     .kind = KIND_NUMBERS,
     .error = 0.5,
     .train_error = 0.23,
     .clustered = true},
    {.name = "samples",
     .drawn = "as many train rows as held-out ones, both a sample: accuracies 0.95 and 0.90",
     .base_rate = 0.5,
     .sharpness = 1,
     .parts = {{1, 1, 2.563}},
     .train_distance = 3.29,
     .train_times = 1},
    {.name = "samples_few",
     .drawn = "a tenth as many train rows as held-out ones: accuracies 0.95 and 0.70",
     .base_rate = 0.5,
     .sharpness = 2,
     .parts = {{1, 1, 1.049}},
     .train_distance = 3.29,
     .train_times = 0.1},
    {.name = "samples_many",
     .drawn = "ten times as many train rows as held-out ones: accuracies 0.99 and 0.90",
     .base_rate = 0.5,
     .sharpness = 1,
     .parts = {{1, 1, 2.563}},
     .train_distance = 4.653,
     .train_times = 10},
    {.name = "samples_perfect",
     .drawn = "as many train rows as held-out ones, all of them right; held-out accuracy 0.90",
     .base_rate = 0.5,
     .sharpness = 1,
     .parts = {{1, 1, 2.563}},
     .train_distance = 14,
     .train_times = 1},
    {.name = "samples_numbers",
     .drawn = "as many train rows as held-out ones: normal errors, r2 0.95 and 0.80",
     .kind = KIND_NUMBERS,
     .error = 0.5,
     .train_error = 0.23,
     .train_times = 1},
    {.name = "folds",
     .drawn = "nearest means of 5 features, 5 folds",
     .kind = KIND_FOLDED_CLASSES,
     .folds = 5,
     .features = 5,
     .signal = 1.5},
    {.name = "folds_many",
     .drawn = "nearest means of 20 features, 10 folds",
     .kind = KIND_FOLDED_CLASSES,
     .folds = 10,
     .features = 20,
     .signal = 1},
    {.name = "folds_uneven",
     .drawn = "nearest means of 5 features, 5 folds of which one is harder",
     .kind = KIND_FOLDED_CLASSES,
     .folds = 5,
     .features = 5,
     .signal = 1.5,
     .harder = 1},
    {.name = "folds_numbers",
     .drawn = "least squares on 5 features, 5 folds",
     .kind = KIND_FOLDED_NUMBERS,
     .folds = 5,
     .features = 5,
     .signal = 0.5},
    {.name = "folds_numbers_many",
     .drawn = "least squares on 20 features, 10 folds",
     .kind = KIND_FOLDED_NUMBERS,
     .folds = 10,
     .features = 20,
     .signal = 0.2},
};
enum { SCENES = sizeof scenes / sizeof *scenes };

static const size_t row_counts[] = {50, 100, 300, 1000, 3000, 10000};
enum { ROW_COUNTS = sizeof row_counts / sizeof *row_counts };

/* ---- what is asked ------------------------------------------------------------------------------- */

enum quantity {
    ACCURACY,
    F1,
    BALANCED_ACCURACY,
    MCC,
    ROC_AUC,
    AVERAGE_PRECISION,
    LOG_LOSS,
    BRIER,
    MAE,
    MSE,
    RMSE,
    R2,
    QUANTITIES
};

static const struct {
    const char *name;
    bool more; /* is better */
} quantities[QUANTITIES] = {[ACCURACY] = {"accuracy", true},
                            [F1] = {"f1", true},
                            [BALANCED_ACCURACY] = {"balanced_accuracy", true},
                            [MCC] = {"mcc", true},
                            [ROC_AUC] = {"roc_auc", true},
                            [AVERAGE_PRECISION] = {"average_precision", true},
                            [LOG_LOSS] = {"log_loss", false},
                            [BRIER] = {"brier", false},
                            [MAE] = {"mae", false},
                            [MSE] = {"mse", false},
                            [RMSE] = {"rmse", false},
                            [R2] = {"r2", true}};

enum form { GAP, RELATIVE_GAP, FOLD_GAP, FOLD_SPREAD, FOLD_WORST };
static const char *const form_names[] = {"gap", "relative_gap", "fold_gap", "fold_spread", "fold_worst"};

struct question {
    enum form form;
    enum quantity quantity;
};

static const struct question of_classes[] = {
    {GAP, ACCURACY}, {RELATIVE_GAP, ACCURACY}, {GAP, F1},       {GAP, BALANCED_ACCURACY}, {GAP, MCC},
    {GAP, ROC_AUC},  {GAP, AVERAGE_PRECISION}, {GAP, LOG_LOSS}, {RELATIVE_GAP, LOG_LOSS}, {GAP, BRIER}};
static const struct question of_numbers[] = {
    {GAP, MAE}, {GAP, MSE}, {RELATIVE_GAP, MSE}, {GAP, RMSE}, {GAP, R2}};
static const struct question of_folded_classes[] = {
    {FOLD_GAP, ACCURACY}, {FOLD_GAP, LOG_LOSS}, {FOLD_SPREAD, ACCURACY}, {FOLD_WORST, ACCURACY}};
static const struct question of_folded_numbers[] = {
    {FOLD_GAP, MSE}, {FOLD_GAP, R2}, {FOLD_SPREAD, MSE}, {FOLD_WORST, MSE}};

static const struct question *questions_of(const struct scene *scene, size_t *count)
{
#define QUESTIONS(list) (*count = sizeof(list) / sizeof *(list), (list))
    switch (scene->kind) {
    case KIND_CLASSES:
        return QUESTIONS(of_classes);
    case KIND_NUMBERS:
        return QUESTIONS(of_numbers);
    case KIND_FOLDED_CLASSES:
        return QUESTIONS(of_folded_classes);
    case KIND_FOLDED_NUMBERS:
        break;
    }
    return QUESTIONS(of_folded_numbers);
}

static bool is_folded(const struct scene *scene)
{
    return scene->kind == KIND_FOLDED_CLASSES || scene->kind == KIND_FOLDED_NUMBERS;
}

/* ---- truths -------------------------------------------------------------------------------------- */

static double density(double z)
{
    return exp(-z * z / 2) / sqrt(2 * pi);
}

static double in_range(double p)
{
    return fmin(fmax(p, 1e-6), 1 - 1e-6); /* six digits are written */
}

/* The score of a row whose normal variable is z. */
static double score_of(const struct scene *scene, double distance, double z)
{
    const double prior = log(scene->base_rate / (1 - scene->base_rate));
    return in_range(1 / (1 + exp(-scene->sharpness * (distance * z + prior))));
}

/* By integration over the normal variable, from the highest score down. */
static void truths_of_classes(const struct scene *scene, const struct part_of_rows parts[2],
                              double truth[QUANTITIES])
{
    enum { STEPS = 60000 };
    const double widest = 15, step = 2 * widest / STEPS, base = scene->base_rate;
    double all = 0, tp = 0, fp = 0, total[2] = {0}, above[2] = {0}, area = 0, precision = 0, loss = 0,
           brier = 0;
    for (size_t k = 0; k < 2; k++)
        all += parts[k].share * parts[k].weight;
    for (size_t i = 0; i < STEPS; i++) {
        const double z = widest - ((double)i + 0.5) * step, p = score_of(scene, parts[0].distance, z);
        double mass[2] = {0};
        for (size_t k = 0; k < 2; k++) {
            const double share = parts[k].share * parts[k].weight / all * step;
            mass[0] += (1 - base) * share * density(z + parts[k].distance / 2);
            mass[1] += base * share * density(z - parts[k].distance / 2);
        }
        area += mass[0] * (above[1] + mass[1] / 2);
        above[0] += mass[0] / 2;
        above[1] += mass[1] / 2;
        precision += above[0] + above[1] > 0 ? mass[1] * above[1] / (above[0] + above[1]) : 0;
        above[0] += mass[0] / 2;
        above[1] += mass[1] / 2;
        tp += p > 0.5 ? mass[1] : 0;
        fp += p > 0.5 ? mass[0] : 0;
        loss -= mass[1] * log(p) + mass[0] * log1p(-p);
        brier += mass[1] * (1 - p) * (1 - p) + mass[0] * p * p;
    }
    total[0] = above[0];
    total[1] = above[1];
    const double fn = total[1] - tp, tn = total[0] - fp;
    truth[ACCURACY] = tp + tn;
    truth[F1] = 2 * tp / (2 * tp + fp + fn);
    truth[BALANCED_ACCURACY] = (tp / total[1] + tn / total[0]) / 2;
    truth[MCC] = (tp * tn - fp * fn) / sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn));
    truth[ROC_AUC] = area / (total[0] * total[1]);
    truth[AVERAGE_PRECISION] = precision / total[1];
    truth[LOG_LOSS] = loss;
    truth[BRIER] = brier;
}

static void truths_of_numbers(enum errors errors, double error, double truth[QUANTITIES])
{
    truth[MSE] = error * error;
    truth[MAE] = errors == ERRORS_NORMAL ? error * sqrt(2 / pi) : error / sqrt(2);
    truth[RMSE] = error;
    truth[R2] = 1 - error * error / (1 + error * error);
}

static void truths_of(const struct scene *scene, bool train, double truth[QUANTITIES])
{
    const struct part_of_rows fitted[2] = {{1, 1, scene->train_distance}};
    if (scene->kind == KIND_CLASSES)
        truths_of_classes(scene, train ? fitted : scene->parts, truth);
    else if (scene->kind == KIND_NUMBERS)
        truths_of_numbers(train ? ERRORS_NORMAL : scene->errors, train ? scene->train_error : scene->error,
                          truth);
}

static double gap_of(const struct question *question, double train, double held_out)
{
    const double gap = quantities[question->quantity].more ? train - held_out : held_out - train;
    return question->form == RELATIVE_GAP ? gap / fabs(train) : gap;
}

/* ---- a file of predictions ------------------------------------------------------------------------- */

struct text {
    char *data;
    size_t size, room;
};

static void *must(void *memory)
{
    if (!memory) {
        fputs("overfit_simulation: no memory\n", stderr);
        exit(3);
    }
    return memory;
}

static void begin(struct text *text, size_t rows, const char *head)
{
    if (text->room < (rows + 1) * LONGEST_ROW) {
        text->room = (rows + 1) * LONGEST_ROW;
        text->data = must(realloc(text->data, text->room));
    }
    text->size = strlen(head);
    memcpy(text->data, head, text->size);
}

/* Six digits behind the point, and `after`. */
static void put_number(struct text *text, double number, char after)
{
    char digits[32];
    size_t count = 0;
    const long long units = llround(fabs(number) * 1e6);
    for (long long left = units; left > 0 || count < 7; left /= 10) {
        digits[count++] = (char)('0' + left % 10);
        if (count == 6)
            digits[count++] = '.';
    }
    if (digits[count - 1] == '.')
        digits[count++] = '0';
    if (number < 0)
        text->data[text->size++] = '-';
    while (count > 0)
        text->data[text->size++] = digits[--count];
    text->data[text->size++] = after;
}

static void put_count(struct text *text, size_t number, char after)
{
    text->size += (size_t)snprintf(text->data + text->size, 24, "%zu%c", number, after);
}

static void put_digit(struct text *text, unsigned digit, char after)
{
    text->data[text->size++] = (char)('0' + digit);
    text->data[text->size++] = after;
}

/* The normal part of a row, in a cluster with others. */
struct normals {
    struct random *random;
    double two[2], common;
    size_t drawn;
};

static double next_normal(struct normals *normals)
{
    if (normals->drawn % 2 == 0)
        draw_two_normals(normals->random, normals->two);
    return normals->two[normals->drawn++ % 2];
}

static double next_of_cluster(struct normals *normals, bool clustered, size_t row)
{
    if (!clustered)
        return next_normal(normals);
    if (row % ROWS_OF_CLUSTER == 0)
        normals->common = next_normal(normals);
    return sqrt(0.5) * normals->common + sqrt(0.5) * next_normal(normals);
}

/* What follows label and score or prediction; `last` of none is the end of the line. */
static void put_roles(const struct scene *scene, size_t row, double weight, struct text *text)
{
    if (scene->weighted)
        put_digit(text, (unsigned)weight, scene->clustered ? ',' : '\n');
    if (scene->clustered)
        put_count(text, row / ROWS_OF_CLUSTER, '\n');
}

static void write_rows(const struct scene *scene, bool train, struct random *random, size_t rows,
                       struct text *text)
{
    struct normals normals = {.random = random};
    const bool classes = scene->kind == KIND_CLASSES;
    const char after = scene->weighted || scene->clustered ? ',' : '\n';
    char head[64];
    snprintf(head, sizeof head, "y,%c%s%s\n", classes ? 's' : 'p', scene->weighted ? ",w" : "",
             scene->clustered ? ",c" : "");
    begin(text, rows, head);
    for (size_t i = 0; i < rows; i++) {
        const double z = next_of_cluster(&normals, scene->clustered, i);
        double weight = 1;
        if (classes) {
            const bool positive = draw_uniform(random) < scene->base_rate;
            const size_t part = !train && draw_uniform(random) >= scene->parts[0].share;
            const double map = train ? scene->train_distance : scene->parts[0].distance;
            const double distance = train ? scene->train_distance : scene->parts[part].distance;
            weight = train ? 1 : scene->parts[part].weight;
            put_digit(text, positive, ',');
            put_number(text, score_of(scene, map, z + (positive ? distance : -distance) / 2), after);
        } else {
            const double prediction = next_normal(&normals), uniform = draw_uniform(random) - 0.5;
            const double laplace = (uniform < 0 ? -1 : 1) * -log1p(-2 * fabs(uniform)) / sqrt(2);
            const double error = train                             ? scene->train_error * z
                                 : scene->errors == ERRORS_LAPLACE ? scene->error * laplace
                                                                   : scene->error * z;
            put_number(text, prediction + error, ',');
            put_number(text, prediction, after);
        }
        put_roles(scene, i, weight, text);
    }
}

/* ---- cross-validation --------------------------------------------------------------------------------
 *
 * A learner is fitted to all folds but one, for each of them: held-out rows are predicted once, train rows
 * once for each fold that they do not stand in. */

struct learning {
    size_t rows;
    double *features; /* [row][MOST_FEATURES] */
    double *label;
    size_t *fold;
};

struct fitted {
    double slope[MOST_FEATURES], constant;
};

static void draw_learning(const struct scene *scene, struct random *random, struct learning *learning)
{
    struct normals normals = {.random = random};
    for (size_t i = 0; i < learning->rows; i++) {
        double *x = learning->features + i * MOST_FEATURES, sum = 0;
        const size_t fold = i % scene->folds;
        const bool positive = draw_uniform(random) < 0.5;
        const double distance = scene->signal - (fold == 0 ? scene->harder : 0);
        for (size_t j = 0; j < scene->features; j++)
            x[j] = next_normal(&normals);
        if (scene->kind == KIND_FOLDED_CLASSES) {
            x[0] += positive ? distance / 2 : -distance / 2;
            learning->label[i] = positive;
        } else {
            for (size_t j = 0; j < scene->features; j++)
                sum += scene->signal * x[j];
            learning->label[i] = sum + next_normal(&normals);
        }
        learning->fold[i] = fold;
    }
}

/* Of two normal classes with the identity as covariance: logit = x (m1 - m0) - (m1^2 - m0^2) / 2. */
static void fit_means(const struct scene *scene, const struct learning *learning, size_t without,
                      struct fitted *fitted)
{
    double sum[2][MOST_FEATURES] = {{0}}, count[2] = {0};
    for (size_t i = 0; i < learning->rows; i++) {
        if (learning->fold[i] == without)
            continue;
        const size_t class = learning->label[i] > 0.5;
        count[class]++;
        for (size_t j = 0; j < scene->features; j++)
            sum[class][j] += learning->features[i * MOST_FEATURES + j];
    }
    fitted->constant = 0;
    for (size_t j = 0; j < scene->features; j++) {
        const double low = sum[0][j] / count[0], high = sum[1][j] / count[1];
        fitted->slope[j] = high - low;
        fitted->constant -= (high * high - low * low) / 2;
    }
}

/* Least squares with a ridge of 1, by Cholesky; features and labels have mean 0. */
static void fit_squares(const struct scene *scene, const struct learning *learning, size_t without,
                        struct fitted *fitted)
{
    const size_t p = scene->features;
    double a[MOST_FEATURES][MOST_FEATURES] = {{0}}, b[MOST_FEATURES] = {0};
    for (size_t i = 0; i < learning->rows; i++) {
        const double *x = learning->features + i * MOST_FEATURES;
        for (size_t j = 0; learning->fold[i] != without && j < p; j++) {
            b[j] += x[j] * learning->label[i];
            for (size_t k = 0; k <= j; k++)
                a[j][k] += x[j] * x[k];
        }
    }
    for (size_t j = 0; j < p; j++) {
        a[j][j] += 1;
        for (size_t k = 0; k <= j; k++) {
            for (size_t l = 0; l < k; l++)
                a[j][k] -= a[j][l] * a[k][l];
            a[j][k] = k == j ? sqrt(a[j][k]) : a[j][k] / a[k][k];
        }
    }
    for (size_t j = 0; j < p; j++) {
        for (size_t k = 0; k < j; k++)
            b[j] -= a[j][k] * b[k];
        b[j] /= a[j][j];
    }
    for (size_t j = p; j-- > 0;) {
        for (size_t k = j + 1; k < p; k++)
            b[j] -= a[k][j] * b[k];
        b[j] /= a[j][j];
    }
    memcpy(fitted->slope, b, sizeof b);
    fitted->constant = 0;
}

static double predict(const struct scene *scene, const struct fitted *fitted, const double *x)
{
    double sum = fitted->constant;
    for (size_t j = 0; j < scene->features; j++)
        sum += fitted->slope[j] * x[j];
    return scene->kind == KIND_FOLDED_CLASSES ? in_range(1 / (1 + exp(-sum))) : sum;
}

/* On all the rows that its fold's stand for. */
static double true_score(const struct scene *scene, const struct fitted *fitted, size_t fold)
{
    double length = 0, off = 0;
    for (size_t j = 0; j < scene->features; j++) {
        length += fitted->slope[j] * fitted->slope[j];
        off += (fitted->slope[j] - scene->signal) * (fitted->slope[j] - scene->signal);
    }
    if (scene->kind == KIND_FOLDED_NUMBERS)
        return 1 + off;
    const double shift = fitted->slope[0] * (scene->signal - (fold == 0 ? scene->harder : 0)) / 2;
    return (mlg_normal_cdf((shift + fitted->constant) / sqrt(length)) +
            mlg_normal_cdf((shift - fitted->constant) / sqrt(length))) /
           2;
}

static void put_prediction(const struct scene *scene, const struct learning *learning, size_t row,
                           const struct fitted *fitted, size_t fold, struct text *text)
{
    if (scene->kind == KIND_FOLDED_CLASSES)
        put_digit(text, learning->label[row] > 0.5, ',');
    else
        put_number(text, learning->label[row], ',');
    put_number(text, predict(scene, fitted, learning->features + row * MOST_FEATURES), ',');
    put_count(text, fold, '\n');
}

static void cross_validate(const struct scene *scene, struct random *random, struct learning *learning,
                           struct text *train, struct text *held_out, double truth[MOST_FOLDS])
{
    const char *head = scene->kind == KIND_FOLDED_CLASSES ? "y,s,f\n" : "y,p,f\n";
    draw_learning(scene, random, learning);
    begin(train, learning->rows * (scene->folds - 1), head);
    begin(held_out, learning->rows, head);
    for (size_t fold = 0; fold < scene->folds; fold++) {
        struct fitted fitted;
        (scene->kind == KIND_FOLDED_CLASSES ? fit_means : fit_squares)(scene, learning, fold, &fitted);
        truth[fold] = true_score(scene, &fitted, fold);
        for (size_t i = 0; i < learning->rows; i++)
            put_prediction(scene, learning, i, &fitted, fold, learning->fold[i] == fold ? held_out : train);
    }
}

/* ---- the gate -------------------------------------------------------------------------------------- */

struct desk {
    struct world_memory world;
    struct text train, held_out;
    struct learning learning;
};

static void put_files(struct desk *desk)
{
    world_memory_put(&desk->world, "train.csv", WORLD_MEMORY_FILE, desk->train.data, desk->train.size);
    world_memory_put(&desk->world, "test.csv", WORLD_MEMORY_FILE, desk->held_out.data, desk->held_out.size);
}

/* The config, with a limit for each question (NULL: none). */
static void write_config(const struct scene *scene, const double *limits, char config[LONGEST_CONFIG])
{
    const bool classes = scene->kind == KIND_CLASSES || scene->kind == KIND_FOLDED_CLASSES;
    size_t count, size = 0;
    const struct question *questions = questions_of(scene, &count);
#define PUT(...) (size += (size_t)snprintf(config + size, LONGEST_CONFIG - size, __VA_ARGS__))
    PUT("version: 1\ndata:\n");
    for (size_t i = 0; i < 2; i++)
        PUT("  %s: {path: %s.csv, label: y, %s%s%s%s}\n", i ? "test" : "train", i ? "test" : "train",
            classes ? "score: s, labels: [0, 1], positive: 1" : "prediction: p",
            scene->weighted ? ", weight: w" : "", scene->clustered ? ", cluster: c" : "",
            is_folded(scene) ? ", fold: f" : "");
    PUT("gates:\n  - {gate: overfit, data: test, train: train%s, checks: [",
        scene->train_times > 0 ? ", train_is_sample: true" : "");
    for (size_t q = 0; q < count; q++) {
        const bool at_least = questions[q].form == FOLD_WORST && quantities[questions[q].quantity].more;
        PUT("%s'%s(%s)", q ? ", " : "", form_names[questions[q].form],
            quantities[questions[q].quantity].name);
        if (limits)
            PUT(" %s %.17g", at_least ? ">=" : "<=", limits[q]);
        PUT("'");
    }
    PUT("]}\n");
#undef PUT
}

static void fail(const char *what)
{
    fprintf(stderr, "overfit_simulation: %s\n", what);
    exit(3);
}

static const struct mlg_suite *load(const char *config, struct mlg_arena *arena)
{
    struct mlg_diagnostics list;
    mlg_diagnostics_init(&list, arena);
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

/* The results of the gate's checks, in the order of the questions. */
static const struct mlg_check_result *judge(const struct mlg_suite *suite, const struct desk *desk,
                                            bool limited, struct mlg_arena *arena, size_t *count)
{
    struct mlg_results *results = must(mlg_arena_alloc(arena, 1, sizeof *results));
    struct mlg_error error = {0};
    if (mlg_suite_run(suite, &desk->world.world, NULL, 0, 1, arena, results, &error) != MLG_OK)
        fail(error.text);
    const struct mlg_gate_result *gate = &results->gates[0];
    *count = limited ? gate->check_count : gate->reported_count;
    return limited ? gate->checks : gate->reported;
}

/* ---- one cell -------------------------------------------------------------------------------------- */

struct tally {
    uint64_t sets, passes, fails, lost; /* lost: no interval */
    double sum;                         /* of values */
};

struct cell {
    const struct scene *scene;
    size_t most_sets, rows, sets, count; /* count: of questions */
    double limits[MOST_CHECKS];
    bool is_pilot; /* values alone are wanted, of other data sets */
    struct tally chunks[MOST_CHUNKS][MOST_CHECKS];
};

static void open_desk(const struct cell *cell, struct desk *desk)
{
    *desk = (struct desk){.learning.rows = cell->rows};
    world_memory_init(&desk->world);
    if (!is_folded(cell->scene))
        return;
    desk->learning.features = must(calloc(cell->rows * MOST_FEATURES, sizeof(double)));
    desk->learning.label = must(calloc(cell->rows, sizeof(double)));
    desk->learning.fold = must(calloc(cell->rows, sizeof(size_t)));
}

static void close_desk(struct desk *desk)
{
    free(desk->train.data);
    free(desk->held_out.data);
    free(desk->learning.features);
    free(desk->learning.label);
    free(desk->learning.fold);
    world_memory_free(&desk->world);
}

/* All the rows that the model was fitted to: the same for all data sets. */
static void write_whole_train(const struct scene *scene, struct text *text)
{
    struct random random = random_of((uint64_t)(scene - scenes) + 1000, 0);
    write_rows(scene, true, &random, TRAIN_ROWS, text);
}

static size_t sampled_rows(const struct cell *cell)
{
    return (size_t)(cell->scene->train_times * (double)cell->rows);
}

static void draw_set(const struct cell *cell, uint64_t set, struct desk *desk, double truth[MOST_FOLDS])
{
    const uint64_t number = ((uint64_t)(cell->scene - scenes + 100) << 40) + cell->rows;
    struct random random = random_of(number + ((uint64_t)cell->is_pilot << 36), set);
    if (is_folded(cell->scene)) {
        cross_validate(cell->scene, &random, &desk->learning, &desk->train, &desk->held_out, truth);
    } else {
        write_rows(cell->scene, false, &random, cell->rows, &desk->held_out);
        if (cell->scene->train_times > 0)
            write_rows(cell->scene, true, &random, sampled_rows(cell), &desk->train);
    }
    put_files(desk);
}

/* Of the models at hand; the other limits are those of the cell. */
static void limits_of_folds(const struct cell *cell, const double truth[MOST_FOLDS],
                            double limits[MOST_CHECKS])
{
    size_t count;
    const struct question *questions = questions_of(cell->scene, &count);
    double least = truth[0], most = truth[0];
    for (size_t f = 1; f < cell->scene->folds; f++) {
        least = fmin(least, truth[f]);
        most = fmax(most, truth[f]);
    }
    for (size_t q = 0; q < count; q++)
        if (questions[q].form == FOLD_SPREAD)
            limits[q] = most - least;
        else if (questions[q].form == FOLD_WORST)
            limits[q] = quantities[questions[q].quantity].more ? least : most;
        else
            limits[q] = cell->limits[q];
}

/* Without limits in the config the bounds are compared with them here, as verdict.c does: that spares the
 * search for how many more rows would decide, which costs most. Bounds of folds depend on their limit. */
static void count_verdicts(const struct cell *cell, const struct mlg_check_result *found, size_t count,
                           struct tally *tallies)
{
    const bool limited = is_folded(cell->scene);
    if (count != cell->count) /* the gate as a whole could not judge */
        for (size_t q = 0; q < cell->count; q++) {
            tallies[q].sets++;
            tallies[q].lost++;
        }
    for (size_t q = 0; q < count && count == cell->count; q++) {
        struct tally *tally = &tallies[q];
        const bool has_bounds = found[q].lower.known || found[q].upper.known;
        if (cell->is_pilot && !found[q].estimate.known)
            continue;
        tally->sets++;
        tally->sum += found[q].estimate.known ? found[q].estimate.value : 0;
        tally->passes += limited ? found[q].verdict == MLG_PASS
                                 : found[q].upper.known && found[q].upper.value <= cell->limits[q];
        tally->fails += limited ? found[q].verdict == MLG_FAIL
                                : found[q].lower.known && found[q].lower.value > cell->limits[q];
        tally->lost += !has_bounds;
    }
}

static void run_chunk(void *context, size_t index)
{
    struct cell *cell = context;
    struct mlg_arena config_arena;
    struct desk desk;
    char config[LONGEST_CONFIG];
    const struct mlg_suite *suite = NULL;
    mlg_arena_init(&config_arena, 0);
    open_desk(cell, &desk);
    write_config(cell->scene, NULL, config);
    if (cell->is_pilot || !is_folded(cell->scene))
        suite = load(config, &config_arena);
    if (!is_folded(cell->scene) && !(cell->scene->train_times > 0))
        write_whole_train(cell->scene, &desk.train);
    for (size_t set = index * SETS_OF_CHUNK; set < cell->sets && set < (index + 1) * SETS_OF_CHUNK; set++) {
        struct mlg_arena arena;
        double truth[MOST_FOLDS], limits[MOST_CHECKS];
        size_t count;
        mlg_arena_init(&arena, 0);
        draw_set(cell, set, &desk, truth);
        const struct mlg_suite *own = suite;
        if (!suite) {
            limits_of_folds(cell, truth, limits);
            write_config(cell->scene, limits, config);
            own = load(config, &arena);
        }
        const struct mlg_check_result *found = judge(own, &desk, !suite, &arena, &count);
        count_verdicts(cell, found, count, cell->chunks[index]);
        mlg_arena_free(&arena);
    }
    close_desk(&desk);
    mlg_arena_free(&config_arena);
}

static void run_cell(struct cell *cell, unsigned threads, struct tally sums[MOST_CHECKS])
{
    const size_t chunks = (cell->sets + SETS_OF_CHUNK - 1) / SETS_OF_CHUNK;
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
            sums[q].sum += one->sum;
        }
}

/* The scores of the whole train file. */
static void score_train(const struct cell *cell, double train[MOST_CHECKS])
{
    struct mlg_arena arena;
    struct desk desk;
    char config[LONGEST_CONFIG];
    double truth[MOST_FOLDS];
    size_t count;
    mlg_arena_init(&arena, 0);
    open_desk(cell, &desk);
    write_whole_train(cell->scene, &desk.train);
    write_config(cell->scene, NULL, config);
    const struct mlg_suite *suite = load(config, &arena);
    struct cell larger = *cell;
    larger.rows = 1000; /* so that every quantity is defined */
    draw_set(&larger, 0, &desk, truth);
    const struct mlg_check_result *found = judge(suite, &desk, false, &arena, &count);
    for (size_t q = 0; q < cell->count; q++) {
        if (q >= count || found[q].part_count < 1)
            fail("the train file cannot be scored");
        train[q] = found[q].parts[0].value.value;
    }
    close_desk(&desk);
    mlg_arena_free(&arena);
}

static void find_limits(struct cell *cell, unsigned threads)
{
    const struct question *questions = questions_of(cell->scene, &cell->count);
    double held_out[QUANTITIES] = {0}, of_train[QUANTITIES] = {0}, train[MOST_CHECKS];
    if (is_folded(cell->scene)) {
        /* What the mean gap is on average over data sets, of which others than the judged ones are drawn. */
        struct tally sums[MOST_CHECKS];
        cell->is_pilot = true;
        run_cell(cell, threads, sums);
        cell->is_pilot = false;
        for (size_t q = 0; q < cell->count; q++)
            cell->limits[q] = sums[q].sum / (double)sums[q].sets;
        return;
    }
    truths_of(cell->scene, false, held_out);
    truths_of(cell->scene, true, of_train);
    if (!(cell->scene->train_times > 0))
        score_train(cell, train);
    for (size_t q = 0; q < cell->count; q++) {
        const enum quantity quantity = questions[q].quantity;
        const double own = cell->scene->train_times > 0 ? of_train[quantity] : train[q];
        cell->limits[q] = gap_of(&questions[q], own, held_out[quantity]);
    }
}

/* ---- the table ------------------------------------------------------------------------------------- */

static double share(uint64_t count, uint64_t of)
{
    return of ? (double)count / (double)of : 0;
}

/* Is it wrong in more of the sets than promised, by three Monte-Carlo errors? */
static bool is_too_many(uint64_t wrong, uint64_t sets)
{
    return share(wrong, sets) > alpha + 3 * sqrt(alpha * (1 - alpha) / (double)sets);
}

/* How often it was too many. */
static unsigned print_wrong(uint64_t wrong, uint64_t sets)
{
    const bool over = is_too_many(wrong, sets);
    printf(over ? "**%.1f**" : "%.1f", 100 * share(wrong, sets));
    return over;
}

/* A quarter of the data sets where rows are many; a twentieth where each has as many train rows or more, or a
 * fold's. */
static size_t sets_of(const struct scene *scene, size_t most, size_t rows)
{
    const bool is_dear = is_folded(scene) || scene->train_times > 1;
    const size_t part = rows < MANY_ROWS ? 1 : is_dear ? 20 : 4;
    return (most + part - 1) / part;
}

static void print_scene(const struct scene *scene, struct cell *cell, size_t least, size_t most,
                        unsigned threads, unsigned *excess)
{
    size_t first = 0;
    while (first + 1 < ROW_COUNTS && row_counts[first] < least)
        first++;
    struct tally(*tallies)[MOST_CHECKS] = must(calloc(ROW_COUNTS, sizeof *tallies));
    const struct question *questions = questions_of(scene, &cell->count);
    cell->scene = scene;
    printf("\n## %s\n\nDrawn: %s; %zu data sets a cell", scene->name, scene->drawn, cell->most_sets);
    if (most >= MANY_ROWS)
        printf(", of 3000 rows and more %zu", sets_of(scene, cell->most_sets, MANY_ROWS));
    printf(".\n\n| quantity |");
    for (size_t r = first; r < ROW_COUNTS && row_counts[r] <= most; r++)
        printf(" %zu rows |", row_counts[r]);
    printf("\n|---|");
    for (size_t r = first; r < ROW_COUNTS && row_counts[r] <= most; r++) {
        printf("---|");
        fflush(stdout);
        cell->rows = row_counts[r];
        cell->sets = sets_of(scene, cell->most_sets, row_counts[r]);
        find_limits(cell, threads);
        run_cell(cell, threads, tallies[r]);
    }
    puts("");
    for (size_t q = 0; q < cell->count; q++) {
        printf("| %s(%s) |", form_names[questions[q].form], quantities[questions[q].quantity].name);
        for (size_t r = first; r < ROW_COUNTS && row_counts[r] <= most; r++) {
            const struct tally *tally = &tallies[r][q];
            putchar(' ');
            *excess += print_wrong(tally->passes, tally->sets);
            printf(" / ");
            *excess += print_wrong(tally->fails, tally->sets);
            if (tally->lost)
                printf(" (%.1f)", 100 * share(tally->lost, tally->sets));
            printf(" |");
        }
        puts("");
    }
    fflush(stdout);
    free(tallies);
}

/* ---- the command ----------------------------------------------------------------------------------- */

static size_t number_of(const char *text, size_t least, size_t most)
{
    char *end;
    const unsigned long long number = text ? strtoull(text, &end, 10) : 0;
    if (!text || *end || number < least || number > most) {
        fprintf(stderr, "overfit_simulation: '%s' is no whole number from %zu to %zu\n", text ? text : "",
                least, most);
        exit(3);
    }
    return (size_t)number;
}

int main(int count, char **words)
{
    struct cell *cell = must(calloc(1, sizeof *cell));
    const char *only = NULL;
    size_t least = 1, most = SIZE_MAX;
    unsigned threads = 2;
    unsigned excess = 0;
    bool found = false;
    cell->most_sets = 4000;
    for (int i = 1; i < count; i += 2) {
        const char *value = words[i + 1]; /* NULL after the last */
        if (strcmp(words[i], "--scene") == 0 && value) {
            only = value;
        } else if (strcmp(words[i], "--sets") == 0) {
            cell->most_sets = number_of(value, 1, (size_t)MOST_CHUNKS * SETS_OF_CHUNK);
        } else if (strcmp(words[i], "--threads") == 0) {
            threads = (unsigned)number_of(value, 1, 64);
        } else if (strcmp(words[i], "--least") == 0) {
            least = number_of(value, 1, SIZE_MAX);
        } else if (strcmp(words[i], "--most") == 0) {
            most = number_of(value, 1, SIZE_MAX);
        } else {
            fprintf(stderr,
                    "overfit_simulation: unknown option '%s'; it takes --scene NAME, --sets COUNT, --threads "
                    "COUNT, --least ROWS and --most ROWS\n",
                    words[i]);
            return 3;
        }
    }
    for (size_t s = 0; s < SCENES; s++) {
        if (only && strcmp(only, scenes[s].name) != 0)
            continue;
        print_scene(&scenes[s], cell, least, most, threads, &excess);
        found = true;
    }
    if (!found) {
        fprintf(stderr, "overfit_simulation: unknown scene '%s'; there are", only);
        for (size_t s = 0; s < SCENES; s++)
            fprintf(stderr, " %s", scenes[s].name);
        fputs("\n", stderr);
        return 3;
    }
    printf("\nOver alpha and three Monte-Carlo errors: %u.\n", excess);
    free(cell);
    return excess > 0;
}
