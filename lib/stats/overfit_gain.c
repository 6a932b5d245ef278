/* overfit_gain: what a constant answer, a simple model, or one column alone would do on the same held-out
 * rows. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hashed.h"
#include "lone.h"
#include "mlgate/number.h"
#include "mlgate/parallel.h"
#include "overfit_private.h"
#include "watch.h"

/* ---- state --------------------------------------------------------------------------------------- */

/* Room for the answers to all kept rows. */
struct room {
    uint16_t *prediction;
    double *number, **scores;
};

/* A column that holds the label or an answer. */
struct role_column {
    const char *name;
    enum role { ROLE_LABEL, ROLE_PREDICTION, ROLE_SCORE } role;
};

/* What the checks of a gate share that look at the same columns: a model is fitted once, whatever METRIC it
 * is compared by. */
struct fits {
    struct fits *next;
    struct mlg_watch *held_out_watch, *train_watch, *answers_watch; /* the last: what the model answers */
    struct role_column *roles;
    size_t role_count;
    double threshold;
    bool numbers; /* labels are numbers, else classes */
    unsigned threads;
    /* from prepare on */
    bool is_ready, has_answers;
    struct mlg_features held_out, train;
    struct mlg_simple_target target; /* of the train rows */
    const uint32_t *class_map;       /* train class -> held-out class, or MLG_NONE */
    const char *note;                /* how many rows models are fitted to; NULL: all */
    const char *copies;              /* which columns are answers of the model; NULL: none */
    struct mlg_watch_remarks remarks;
    const char *undefined;  /* why there is no model of all columns; NULL: there is */
    struct room answers;    /* the model's of all columns */
    struct mlg_lone *alone; /* of each column; NULL: not yet fitted */
};

struct gain_state {
    bool numbers;      /* METRIC's labels are numbers, else classes */
    struct fits *fits; /* NULL: no columns are looked at */
    /* METRIC with accumulators of its own, and the held-out rows as they are answered otherwise. */
    struct mlg_call other_call;
    struct mlg_plan *other_plan;
    struct mlg_scan *other;
    const char *undefined; /* why there are no such answers; NULL: there are */
};

static bool is_called(const struct mlg_call *call, const char *name)
{
    return strcmp(call->metric->name, name) == 0;
}

static int no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory to answer held-out rows otherwise");
}

enum { MOST_FITTED = 1000000 }; /* rows that a simple model is fitted to */

/* ---- plan ---------------------------------------------------------------------------------------- */

static int gain_check(const struct mlg_call *call, struct mlg_error *error)
{
    if (call->inner->metric->method == MLG_METHOD_EXACT)
        return mlg_error_set(error, MLG_CONFIG,
                             "'%s' counts rows, whoever answers them; %s takes a metric such as accuracy",
                             call->inner->metric->name, call->metric->name);
    return mlg_overfit_directed(call, error);
}

/* Which of them a column is; NULL: none. */
static const char *answer_of(const struct mlg_data *data, const char *column, enum role *role)
{
    *role = mlg_text_equal(data->label, column)        ? ROLE_LABEL
            : mlg_text_equal(data->prediction, column) ? ROLE_PREDICTION
                                                       : ROLE_SCORE;
    return *role == ROLE_LABEL               ? "label"
           : *role == ROLE_PREDICTION        ? "prediction"
           : mlg_data_is_score(data, column) ? "score"
                                             : NULL;
}

/* A simple model that is told the label, or what the judged model says of it, is none. */
static int refuse_answers(const struct mlg_call *call, const struct mlg_overfit_planning *planning,
                          struct mlg_error *error)
{
    const struct mlg_texts *features = &planning->options->features;
    const struct mlg_data *const sources[] = {planning->held_out_data, planning->train_data};
    if (!(mlg_overfit_kernel_of(call)->needs & MLG_NEEDS_COLUMNS))
        return MLG_OK;
    for (size_t s = 0; s < 2; s++)
        for (size_t i = 0; sources[s] && i < features->count; i++) {
            enum role role;
            const char *what = answer_of(sources[s], features->items[i], &role);
            if (what)
                return mlg_error_set(error, MLG_CONFIG,
                                     "'features' names '%s', the %s of '%s': a simple model would be told "
                                     "what it has to find out; name other columns",
                                     features->items[i], what, sources[s]->name);
        }
    return MLG_OK;
}

/* The label and the answers of the model as columns, so that copies of them are known. */
static int plan_answers(struct mlg_overfit_planning *planning, struct fits *fits, struct mlg_error *error)
{
    const char *const *names;
    const size_t count = mlg_plan_columns(planning->held_out, &names);
    struct mlg_texts columns = {.items = MLG_NEW_ARRAY(planning->arena, const char *, count + 1)};
    fits->roles = MLG_NEW_ARRAY(planning->arena, struct role_column, count + 1);
    fits->threshold = planning->held_out_data->threshold;
    if (!columns.items || !fits->roles)
        return no_memory(error);
    for (size_t i = 0; i < count; i++) {
        enum role role;
        if (!answer_of(planning->held_out_data, names[i], &role))
            continue;
        fits->roles[fits->role_count++] = (struct role_column){names[i], role};
        columns.items[columns.count++] = names[i];
    }
    if (columns.count == 0)
        return MLG_OK;
    const int code = mlg_watch_columns(planning->held_out, planning->held_out_data, &columns, planning->arena,
                                       &fits->answers_watch, error);
    if (code == MLG_OK)
        mlg_watch_keep_texts(fits->answers_watch);
    return code;
}

/* The fits of these columns; the same as of a check before, if one has asked for them. */
static int plan_fits(const struct mlg_call *call, struct mlg_overfit_planning *planning,
                     struct gain_state *gain, struct mlg_error *error)
{
    struct fits own = {.numbers = gain->numbers, .threads = planning->threads};
    struct mlg_texts columns;
    int code = mlg_overfit_columns(call, planning, &columns, error);
    if (code == MLG_OK)
        code = mlg_watch_columns(planning->held_out, planning->held_out_data, &columns, planning->arena,
                                 &own.held_out_watch, error);
    if (code == MLG_OK)
        code = mlg_watch_columns(planning->train, planning->train_data, &columns, planning->arena,
                                 &own.train_watch, error);
    if (code == MLG_OK)
        code = plan_answers(planning, &own, error);
    if (code != MLG_OK)
        return code;
    void **shared = &planning->shared[MLG_OVERFIT_FEATURES];
    for (struct fits *fits = *shared; fits; fits = fits->next)
        if (fits->held_out_watch == own.held_out_watch && fits->train_watch == own.train_watch &&
            fits->numbers == own.numbers) {
            gain->fits = fits;
            return MLG_OK;
        }
    own.next = *shared;
    gain->fits = MLG_NEW(planning->arena, struct fits);
    if (!gain->fits)
        return no_memory(error);
    *gain->fits = own;
    *shared = gain->fits;
    return MLG_OK;
}

static int gain_plan(struct mlg_call *call, struct mlg_overfit_planning *planning, void **state,
                     struct mlg_error *error)
{
    const unsigned reads = call->inner->metric->reads;
    struct gain_state *gain = MLG_NEW(planning->arena, struct gain_state);
    if (!gain)
        return no_memory(error);
    *state = gain;
    gain->numbers = (reads & MLG_READS_LABEL_NUMBER) != 0;
    int code = refuse_answers(call, planning, error);
    /* The inner call was made by mlg_overfit_resolve, together with this one. */
    if (code == MLG_OK)
        code = mlg_call_plan((struct mlg_call *)call->inner, planning->held_out, error);
    if (code == MLG_OK)
        code = mlg_plan_keep(planning->held_out, mlg_family_keep(reads), error);
    if (code == MLG_OK && planning->train)
        code = mlg_plan_keep(planning->train, gain->numbers ? MLG_KEEP_LABEL_NUMBER : MLG_KEEP_LABEL, error);
    const char *const *names;
    if (code != MLG_OK || !(mlg_overfit_kernel_of(call)->needs & MLG_NEEDS_COLUMNS) || !planning->train ||
        mlg_plan_columns(planning->held_out, &names) == 0)
        return code;
    return plan_fits(call, planning, gain, error);
}

/* ---- answers -------------------------------------------------------------------------------------- */

static bool room_new(const struct mlg_rows *kept, struct mlg_arena *arena, struct room *room)
{
    *room = (struct room){.prediction = MLG_NEW_ARRAY(arena, uint16_t, kept->count + 1),
                          .number = MLG_NEW_ARRAY(arena, double, kept->count + 1),
                          .scores = MLG_NEW_ARRAY(arena, double *, kept->score_count + 1)};
    bool memory = room->prediction && room->number && room->scores;
    for (size_t k = 0; memory && k < kept->score_count; k++)
        memory = (room->scores[k] = MLG_NEW_ARRAY(arena, double, kept->count + 1)) != NULL;
    return memory;
}

static const uint32_t *map_classes(const struct mlg_scan *train, const struct mlg_scan *held_out,
                                   struct mlg_arena *arena)
{
    uint32_t *map = MLG_NEW_ARRAY(arena, uint32_t, train->classes.count + 1);
    for (size_t k = 0; map && k < train->classes.count; k++) {
        const int64_t found = mlg_class_find(&held_out->classes, train->classes.names[k]);
        map[k] = found < 0 ? MLG_NONE : (uint32_t)found;
    }
    return map;
}

/* One row's answer from probabilities of the train classes. A class that held-out rows do not know is no
 * answer. */
static void answer_class(const struct mlg_scan *scan, const uint32_t *map, const double *probability,
                         size_t classes, size_t row, struct room *room)
{
    const struct mlg_rows *kept = &scan->kept;
    double most = -1;
    for (size_t k = 0; k < kept->score_count; k++)
        room->scores[k][row] = 0;
    for (size_t k = 0; k < classes; k++) {
        if (map[k] == MLG_NONE)
            continue;
        if (kept->score_count > 1)
            room->scores[map[k]][row] = probability[k];
        else if (kept->score_count == 1 && (int64_t)map[k] == scan->classes.positive)
            room->scores[0][row] = probability[k];
        if (probability[k] > most) {
            most = probability[k];
            room->prediction[row] = (uint16_t)map[k];
        }
    }
}

static void answer_number(const struct mlg_scan *scan, double number, size_t row, struct room *room)
{
    room->number[row] = number;
    for (size_t k = 0; k < scan->kept.score_count; k++)
        room->scores[k][row] = number;
}

/* The held-out rows with the answers in `room`. What METRIC cannot do with them is a reason, not an error. */
static int scan_with(const struct gain_state *gain, const struct mlg_scan *held_out, const struct room *room,
                     struct mlg_arena *arena, struct mlg_scan **with, const char **undefined,
                     struct mlg_error *error)
{
    const struct mlg_answers answers = {room->prediction, room->number, (const double *const *)room->scores};
    struct mlg_error own;
    const int code = mlg_scan_with_answers(held_out, &answers, gain->other_plan, arena, with, &own);
    if (code == MLG_DATA) {
        *undefined = mlg_arena_copy(arena, own.text, strlen(own.text));
        return *undefined ? MLG_OK : no_memory(error);
    }
    if (code != MLG_OK && error)
        *error = own;
    return code;
}

/* ---- the constant answer --------------------------------------------------------------------------- */

struct weighed {
    double value, weight;
};

static int by_value(const void *a, const void *b)
{
    const struct weighed *one = a, *other = b;
    return (one->value > other->value) - (one->value < other->value);
}

/* Between two values as numpy does; with weights the lowest value that enough weight does not exceed. */
static double quantile(const struct mlg_simple_target *target, size_t rows, double share,
                       struct mlg_error *error)
{
    struct weighed *items = calloc(rows + 1, sizeof *items);
    double all = 0, below = 0;
    if (!items) {
        no_memory(error);
        return (double)NAN;
    }
    for (size_t i = 0; i < rows; i++)
        items[i] = (struct weighed){target->numbers[i], target->weights ? target->weights[i] : 1};
    qsort(items, rows, sizeof *items, by_value);
    double value = items[rows - 1].value;
    if (!target->weights) {
        const double place = share * (double)(rows - 1);
        const size_t low = (size_t)place, high = low + 1 < rows ? low + 1 : low;
        value = items[low].value + (place - (double)low) * (items[high].value - items[low].value);
    } else {
        for (size_t i = 0; i < rows; i++)
            all += items[i].weight;
        for (size_t i = 0; i < rows; i++) {
            below += items[i].weight;
            if (below >= share * all && items[i].weight > 0) {
                value = items[i].value;
                break;
            }
        }
    }
    free(items);
    return value;
}

/* Of METRIC, which number is best told to every row: the share of labels below it, or (negative) their mean.
 */
static double quantile_of(const struct mlg_call *inner)
{
    static const char *const by_median[] = {"mae", "median_absolute_error", "mape", "d2_absolute_error"};
    for (size_t i = 0; i < sizeof by_median / sizeof *by_median; i++)
        if (is_called(inner, by_median[i]))
            return 0.5;
    return is_called(inner, "pinball_loss") || is_called(inner, "d2_pinball") ? inner->arguments.alpha : -1;
}

static double mean_of(const struct mlg_simple_target *target, size_t rows)
{
    struct mlg_sum sum = {0}, weights = {0};
    for (size_t i = 0; i < rows; i++) {
        const double weight = target->weights ? target->weights[i] : 1;
        mlg_sum_add_product(&sum, weight, target->numbers[i]);
        mlg_sum_add(&weights, weight);
    }
    return mlg_sum_round(&sum) / mlg_sum_round(&weights);
}

/* The labels of `source`, as what answers are learnt from. */
static struct mlg_simple_target target_of(bool numbers, const struct mlg_scan *source)
{
    return (struct mlg_simple_target){.classes = numbers ? NULL : source->kept.label,
                                      .class_count = source->classes.count,
                                      .numbers = source->kept.label_number,
                                      .weights = source->kept.weight};
}

static int constant_answers(const struct mlg_call *inner, const struct gain_state *gain,
                            const struct mlg_scan *source, const struct mlg_scan *held_out,
                            struct mlg_arena *arena, struct room *room, struct mlg_error *error)
{
    const struct mlg_simple_target target = target_of(gain->numbers, source);
    const size_t rows = source->kept.count, classes = source->classes.count;
    if (!room_new(&held_out->kept, arena, room))
        return no_memory(error);
    if (gain->numbers) {
        struct mlg_error own = {0};
        const double share = quantile_of(inner);
        const double number = share < 0 ? mean_of(&target, rows) : quantile(&target, rows, share, &own);
        if (own.code != MLG_OK)
            return no_memory(error);
        for (size_t i = 0; i < held_out->kept.count; i++)
            answer_number(held_out, number, i, room);
        return MLG_OK;
    }
    const uint32_t *map = map_classes(source, held_out, arena);
    struct mlg_sum *weights = calloc(classes + 1, sizeof *weights);
    double *shares = MLG_NEW_ARRAY(arena, double, classes + 1), all = 0;
    if (!map || !weights || !shares) {
        free(weights);
        return no_memory(error);
    }
    for (size_t i = 0; i < rows; i++)
        mlg_sum_add(&weights[target.classes[i]], target.weights ? target.weights[i] : 1);
    for (size_t k = 0; k < classes; k++)
        all += shares[k] = mlg_sum_round(&weights[k]);
    free(weights);
    for (size_t k = 0; k < classes; k++)
        shares[k] /= all;
    for (size_t i = 0; i < held_out->kept.count; i++)
        answer_class(held_out, map, shares, classes, i, room);
    return MLG_OK;
}

/* ---- the simple model ------------------------------------------------------------------------------- */

/* The answers to the held-out rows of a model of all columns, or (NULL) of one of one column. */
static int model_answers(const struct fits *fits, const struct mlg_simple *model, const struct mlg_lone *lone,
                         const struct mlg_scan *held_out, struct mlg_arena *arena, struct room *room,
                         struct mlg_error *error)
{
    const size_t rows = held_out->kept.count, outputs = fits->numbers ? 1 : fits->target.class_count;
    double *all = calloc(outputs * rows + 1, sizeof *all), **told = calloc(outputs, sizeof *told);
    double *probability = calloc(outputs, sizeof *probability);
    bool memory = all && told && probability && room_new(&held_out->kept, arena, room);
    for (size_t k = 0; memory && k < outputs; k++)
        told[k] = all + k * rows;
    memory = memory &&
             (model ? mlg_simple_predict(model, &fits->held_out, told) : mlg_lone_predict(lone, rows, told));
    for (size_t i = 0; memory && i < rows; i++) {
        for (size_t k = 0; k < outputs; k++)
            probability[k] = told[k][i];
        if (fits->numbers)
            answer_number(held_out, told[0][i], i, room);
        else
            answer_class(held_out, fits->class_map, probability, outputs, i, room);
    }
    free(all);
    free((void *)told);
    free(probability);
    return memory ? MLG_OK : no_memory(error);
}

/* Of more than MOST_FITTED train rows so many are drawn, the others weigh nothing. */
static bool draw_rows(struct fits *fits, struct mlg_arena *arena)
{
    const size_t rows = fits->train.rows;
    const struct mlg_simple_target *target = &fits->target;
    if (rows <= MOST_FITTED)
        return true;
    struct mlg_hashed *drawn = calloc(rows, sizeof *drawn);
    double *weights = MLG_NEW_ARRAY(arena, double, rows);
    bool memory = drawn && weights && mlg_hashed_cells(&fits->train, MLG_HASHED_MISSING, drawn);
    for (size_t i = 0; memory && i < rows; i++) {
        const double answer = target->classes ? target->classes[i] : target->numbers[i];
        const double weight = target->weights ? target->weights[i] : 1;
        drawn[i].hash = mlg_hashed_mix(drawn[i].hash, mlg_hashed_bits(answer));
        drawn[i].hash = mlg_hashed_mix(drawn[i].hash, mlg_hashed_bits(weight));
    }
    memory = memory && mlg_hashed_draw(drawn, rows, MOST_FITTED, 1);
    for (size_t i = 0; memory && i < MOST_FITTED; i++)
        weights[drawn[i].row] = target->weights ? target->weights[drawn[i].row] : 1;
    free(drawn);
    if (!memory)
        return false;
    fits->target.weights = weights;
    fits->note =
        mlg_arena_format(arena, "simple models are fitted to %s of %s train rows, drawn by what they hold",
                         mlg_count_text(MOST_FITTED, arena), mlg_count_text(rows, arena));
    return fits->note != NULL;
}

/* ---- copies of answers ------------------------------------------------------------------------------ */

/* Numbers that may be two spellings of one. */
static bool near(double one, double other)
{
    return (isnan(one) && isnan(other)) || fabs(one - other) <= 1e-9 * fmax(fabs(one), fabs(other));
}

/* Is every cell of one what `turned` says of the other: itself, or 1 less it? */
static bool is_copy(const struct mlg_feature *feature, const struct mlg_feature *answer, size_t rows,
                    bool turned)
{
    if (feature->is_numeric != answer->is_numeric || (turned && !answer->is_numeric))
        return false;
    for (size_t i = 0; i < rows; i++)
        if (feature->is_numeric) {
            const double told = turned ? 1 - answer->numbers[i] : answer->numbers[i];
            if (!near(feature->numbers[i], told) && !(turned && fabs(feature->numbers[i] - told) <= 1e-9))
                return false;
        } else if ((feature->codes[i] == MLG_CODE_MISSING) != (answer->codes[i] == MLG_CODE_MISSING) ||
                   (feature->codes[i] != MLG_CODE_MISSING &&
                    strcmp(feature->texts[feature->codes[i]], answer->texts[answer->codes[i]]) != 0))
            return false;
    return true;
}

/* Is it 1 where the score reaches the threshold, else 0? */
static bool is_decision(const struct mlg_feature *feature, const struct mlg_feature *score, size_t rows,
                        double threshold)
{
    if (!feature->is_numeric || !score->is_numeric)
        return false;
    for (size_t i = 0; i < rows; i++)
        if (!near(feature->numbers[i], score->numbers[i] >= threshold ? 1 : 0))
            return false;
    return true;
}

/* More different numbers than a model is likely to tell a column of its own by chance? */
static bool has_many(const struct mlg_feature *feature, size_t rows)
{
    enum { FEW = 10 };
    double values[FEW];
    size_t count = 0;
    for (size_t i = 0; feature->is_numeric && i < rows; i++) {
        size_t k = 0;
        while (k < count && !near(values[k], feature->numbers[i]))
            k++;
        if (k < count)
            continue;
        if (count == FEW)
            return true;
        values[count++] = feature->numbers[i];
    }
    return false;
}

/* What a column is a copy of: "the score". NULL: of nothing, or of the label besides, which is what a leak
 * is. */
static const char *copy_of_what(const struct fits *fits, const struct mlg_features *answers,
                                const struct mlg_feature *feature, struct mlg_arena *arena)
{
    const char *what = NULL;
    for (size_t r = 0; r < fits->role_count; r++) {
        const struct mlg_feature *answer = &answers->items[r];
        const char *name = fits->roles[r].name;
        const enum role role = fits->roles[r].role;
        if (is_copy(feature, answer, answers->rows, false)) {
            if (role == ROLE_LABEL)
                return NULL;
            what = mlg_arena_format(arena, "the %s", role == ROLE_SCORE ? "score" : "prediction");
        } else if (role == ROLE_SCORE && !what && is_copy(feature, answer, answers->rows, true))
            what = mlg_arena_format(arena, "1 - '%s'", name);
        else if (role == ROLE_SCORE && !what && fits->role_count <= 2 &&
                 is_decision(feature, answer, answers->rows, fits->threshold))
            what = mlg_arena_format(arena, "the prediction of '%s'", name);
    }
    return what;
}

/* Files hold what the model answered besides what it was asked. A number that is the score row by row is no
 * column of the model; a few values that agree may well be a column that it looks at alone, and stay. */
static int leave_out_copies(struct fits *fits, struct mlg_arena *arena, struct mlg_error *error)
{
    enum { FEWEST_ROWS = 10 };
    struct mlg_features answers, none;
    struct mlg_feature *held_out = MLG_NEW_ARRAY(arena, struct mlg_feature, fits->held_out.count + 1);
    struct mlg_feature *train = MLG_NEW_ARRAY(arena, struct mlg_feature, fits->train.count + 1);
    size_t count = 0;
    if (!held_out || !train)
        return no_memory(error);
    if (!fits->answers_watch || fits->held_out.rows < FEWEST_ROWS)
        return MLG_OK;
    const int code = mlg_watch_features(fits->answers_watch, NULL, arena, &answers, &none, error);
    if (code != MLG_OK)
        return code;
    for (size_t c = 0; c < fits->held_out.count; c++) {
        const struct mlg_feature *feature = &fits->held_out.items[c];
        const char *what = copy_of_what(fits, &answers, feature, arena);
        const bool leaves = what && has_many(feature, fits->held_out.rows);
        if (what)
            fits->copies = mlg_arena_format(
                arena, "%s%scolumn '%s' is %s on every row%s", fits->copies ? fits->copies : "",
                fits->copies ? "; " : "", feature->name, what,
                leaves ? ", and was left out"
                       : ": if it is an answer of the model, leave it out of 'features'");
        if (leaves)
            continue;
        held_out[count] = *feature;
        train[count++] = fits->train.items[c];
    }
    fits->held_out.items = held_out;
    fits->train.items = train;
    fits->held_out.count = fits->train.count = count;
    return MLG_OK;
}

static void tell_fits(const struct fits *fits, struct mlg_overfit_outcome *outcome)
{
    mlg_overfit_note(outcome, fits->note);
    mlg_overfit_note(outcome, fits->copies);
    for (size_t i = 0; i < fits->remarks.count; i++)
        mlg_overfit_note(outcome, fits->remarks.items[i]);
}

static int ready_fits(struct fits *fits, const struct mlg_overfit_preparing *preparing,
                      struct mlg_error *error)
{
    const struct mlg_scan *held_out = preparing->held_out, *train = preparing->train;
    if (!fits || !train)
        return mlg_error_set(error, MLG_INTERNAL, "a simple model without columns or train rows");
    if (fits->is_ready)
        return MLG_OK;
    int code = mlg_watch_features(fits->held_out_watch, fits->train_watch, preparing->arena, &fits->held_out,
                                  &fits->train, error);
    if (code == MLG_OK)
        code = leave_out_copies(fits, preparing->arena, error);
    if (code != MLG_OK)
        return code;
    mlg_watch_remark(&fits->held_out, &fits->train, preparing->arena, &fits->remarks);
    if (fits->held_out.rows != held_out->kept.count || fits->train.rows != train->kept.count)
        return mlg_error_set(error, MLG_INTERNAL, "columns and kept rows are not of the same rows");
    fits->target = target_of(fits->numbers, train);
    fits->class_map = fits->numbers ? NULL : map_classes(train, held_out, preparing->arena);
    fits->is_ready = (fits->numbers || fits->class_map) && draw_rows(fits, preparing->arena);
    return fits->is_ready ? MLG_OK : no_memory(error);
}

/* The model of all columns, and its answers. */
static int fit_all(struct fits *fits, const struct mlg_overfit_preparing *preparing, struct mlg_error *error)
{
    struct mlg_dense dense = {0};
    struct mlg_arena arena;
    struct mlg_simple model = {0};
    if (fits->has_answers)
        return MLG_OK;
    mlg_arena_init(&arena, 0);
    int code = mlg_dense_open(&dense, error);
    if (code == MLG_OK)
        code = mlg_simple_fit(&fits->train, &fits->target, &dense, &arena, &model, error);
    mlg_dense_close(&dense);
    fits->undefined = model.undefined;
    if (code == MLG_OK && !model.undefined)
        code =
            model_answers(fits, &model, NULL, preparing->held_out, preparing->arena, &fits->answers, error);
    fits->has_answers = code == MLG_OK;
    mlg_arena_free(&arena);
    return code;
}

/* ---- one column alone ------------------------------------------------------------------------------- */

struct lone_fit {
    struct mlg_lone model;
    struct mlg_arena arena;
    struct mlg_error error;
    int code;
};

struct lone_fits {
    const struct fits *fits;
    const struct mlg_dense *dense;
    struct lone_fit *items;
};

static void fit_column(void *context, size_t column)
{
    const struct lone_fits *all = context;
    const struct mlg_features *train = &all->fits->train, *held_out = &all->fits->held_out;
    struct lone_fit *fit = &all->items[column];
    mlg_arena_init(&fit->arena, 0);
    fit->code = mlg_lone_fit(&train->items[column], train->rows, &held_out->items[column], held_out->rows,
                             &all->fits->target, all->dense, &fit->arena, &fit->model, &fit->error);
}

/* A model of one column each. */
static int fit_each(struct fits *fits, const struct mlg_overfit_preparing *preparing, struct mlg_error *error)
{
    const size_t columns = fits->train.count;
    struct mlg_dense dense;
    if (fits->alone)
        return MLG_OK;
    int code = mlg_dense_open(&dense, error);
    if (code != MLG_OK)
        return code;
    struct lone_fits all = {fits, &dense, calloc(columns + 1, sizeof *all.items)};
    struct mlg_lone *alone = MLG_NEW_ARRAY(preparing->arena, struct mlg_lone, columns + 1);
    if (all.items && alone) {
        mlg_parallel(fits->threads, columns, fit_column, &all);
        for (size_t c = 0; c < columns; c++) {
            struct lone_fit *fit = &all.items[c];
            if (code == MLG_OK && fit->code != MLG_OK) {
                code = fit->code;
                if (error)
                    *error = fit->error;
            } else if (code == MLG_OK &&
                       !mlg_lone_copy(&fit->model, fits->held_out.rows, preparing->arena, &alone[c]))
                code = no_memory(error);
            mlg_arena_free(&fit->arena);
        }
    } else
        code = no_memory(error);
    free(all.items);
    mlg_dense_close(&dense);
    fits->alone = code == MLG_OK ? alone : NULL;
    return code;
}

/* ---- prepare --------------------------------------------------------------------------------------- */

/* METRIC once more, with places of its own in the plan of other answers. */
static int plan_other(const struct mlg_call *call, struct gain_state *gain, const struct mlg_scan *held_out,
                      struct mlg_arena *arena, struct mlg_error *error)
{
    gain->other_call = *call->inner;
    gain->other_plan = mlg_plan_bare(held_out, arena);
    return gain->other_plan ? mlg_call_plan(&gain->other_call, gain->other_plan, error) : no_memory(error);
}

static int dummy_prepare(const struct mlg_call *call, void *state, struct mlg_overfit_preparing *preparing,
                         struct mlg_error *error)
{
    struct gain_state *gain = state;
    const struct mlg_scan *held_out = preparing->held_out;
    struct room room;
    int code = plan_other(call, gain, held_out, preparing->arena, error);
    if (code == MLG_OK)
        code = constant_answers(call->inner, gain, preparing->train ? preparing->train : held_out, held_out,
                                preparing->arena, &room, error);
    return code == MLG_OK
               ? scan_with(gain, held_out, &room, preparing->arena, &gain->other, &gain->undefined, error)
               : code;
}

static int simple_prepare(const struct mlg_call *call, void *state, struct mlg_overfit_preparing *preparing,
                          struct mlg_error *error)
{
    struct gain_state *gain = state;
    int code = plan_other(call, gain, preparing->held_out, preparing->arena, error);
    if (code == MLG_OK)
        code = ready_fits(gain->fits, preparing, error);
    if (code == MLG_OK)
        code = fit_all(gain->fits, preparing, error);
    if (code != MLG_OK)
        return code;
    gain->undefined = gain->fits->undefined;
    return gain->undefined ? MLG_OK
                           : scan_with(gain, preparing->held_out, &gain->fits->answers, preparing->arena,
                                       &gain->other, &gain->undefined, error);
}

/* What one column is compared with, besides: the share of skill is that over a constant answer. */
static int single_prepare(const struct mlg_call *call, void *state, struct mlg_overfit_preparing *preparing,
                          struct mlg_error *error)
{
    struct gain_state *gain = state;
    int code = dummy_prepare(call, state, preparing, error);
    if (code == MLG_OK)
        code = ready_fits(gain->fits, preparing, error);
    return code == MLG_OK ? fit_each(gain->fits, preparing, error) : code;
}

/* ---- gain_over_dummy, gain_over_simple -------------------------------------------------------------- */

static int dummy_delta(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                       double *influence, struct mlg_error *error)
{
    static const struct mlg_pair_names names = {"model", "constant answer", true};
    return mlg_family_delta(call, view, &names, evidence, influence, error);
}

static int simple_delta(const struct mlg_call *call, struct mlg_view *view, struct mlg_evidence *evidence,
                        double *influence, struct mlg_error *error)
{
    static const struct mlg_pair_names names = {"model", "simple model", true};
    return mlg_family_delta(call, view, &names, evidence, influence, error);
}

#define DELTA(evaluator)                                                                                     \
    {                                                                                                        \
        .name = "delta", .minimum = -(double)INFINITY, .maximum = (double)INFINITY,                          \
        .method = MLG_METHOD_PAIRED, .evaluate = (evaluator)                                                 \
    }
static const struct mlg_metric over_dummy = DELTA(dummy_delta), over_simple = DELTA(simple_delta);

struct turned {
    struct mlg_evidence evidence;
};

static int turned_bounds(const void *state, double confidence, double multiplier, double *lower,
                         double *upper)
{
    const struct turned *turned = state;
    const struct mlg_bounds bounds =
        mlg_interval(&turned->evidence, confidence, MLG_METHOD_COUNT, multiplier);
    *lower = -bounds.upper;
    *upper = -bounds.lower;
    return !bounds.known;
}

/* The opposite of a value, where less of METRIC is better. False: no memory. */
static bool turn(struct mlg_evidence *evidence, struct mlg_arena *arena)
{
    struct turned *turned = MLG_NEW(arena, struct turned);
    if (!turned)
        return false;
    turned->evidence = *evidence;
    evidence->value = -evidence->value;
    evidence->minimum = -turned->evidence.maximum;
    evidence->maximum = -turned->evidence.minimum;
    evidence->skewness = -evidence->skewness;
    evidence->numerator = evidence->denominator = 0;
    if (evidence->fractions) {
        const size_t size =
            sizeof *evidence->fractions + evidence->fractions->count * sizeof(struct mlg_fraction);
        struct mlg_fractions *opposite = mlg_arena_alloc(arena, 1, size);
        if (!opposite)
            return false;
        memcpy(opposite, evidence->fractions, size);
        opposite->negated = !opposite->negated;
        evidence->fractions = opposite;
        evidence->value = mlg_fractions_value(opposite);
    }
    if (evidence->kind == MLG_BOUNDS) {
        evidence->bounds = turned_bounds;
        evidence->state = turned;
    }
    return true;
}

static int gain_evaluate(const struct mlg_call *call, void *state, struct mlg_overfit_view *view,
                         struct mlg_evidence *evidence, struct mlg_overfit_outcome *outcome,
                         struct mlg_error *error)
{
    const struct gain_state *gain = state;
    const bool is_simple = is_called(call, "gain_over_simple");
    const struct mlg_call paired = {
        .metric = is_simple ? &over_simple : &over_dummy, .inner = call->inner, .moments = -1};
    const char *name = call->inner->metric->name;
    struct mlg_view other = view->held_out;
    struct mlg_evidence ours, theirs;
    mlg_family_begin(call, evidence);
    mlg_overfit_range(call, view->held_out.scan->data, &evidence->minimum, &evidence->maximum);
    int code = mlg_call_evaluate(call->inner, &view->held_out, &ours, error);
    if (code != MLG_OK)
        return code;
    evidence->n = ours.n;
    if (ours.kind == MLG_UNDEFINED)
        return mlg_evidence_undefined(evidence, "the model's %s: %.200s", name, ours.reason);
    mlg_overfit_part(outcome, "model", ours.value);
    if (gain->undefined)
        return mlg_evidence_undefined(evidence, "%.240s", gain->undefined);
    other.scan = gain->other;
    other.ranked = NULL;
    code = mlg_call_evaluate(&gain->other_call, &other, &theirs, error);
    if (code != MLG_OK)
        return code;
    if (theirs.kind == MLG_UNDEFINED)
        return mlg_evidence_undefined(evidence, "the %s's %s: %.200s",
                                      is_simple ? "simple model" : "constant answer", name, theirs.reason);
    mlg_overfit_part(outcome, is_simple ? "simple" : "dummy", theirs.value);
    if (is_simple)
        tell_fits(gain->fits, outcome);
    view->held_out.baseline = gain->other;
    code = mlg_call_evaluate(&paired, &view->held_out, evidence, error);
    view->held_out.baseline = NULL;
    if (code != MLG_OK || evidence->kind == MLG_UNDEFINED)
        return code;
    if (mlg_overfit_sign(call->inner) < 0 && !turn(evidence, view->held_out.scratch))
        return no_memory(error);
    outcome->advice =
        is_simple
            ? "take the simple model (logistic or ridge regression on the same columns), or find what the "
              "model "
              "lacks that its columns say"
            : "look at the labels and the columns of the model: an answer that looks at no row does as well";
    return MLG_OK;
}

/* ---- single_feature --------------------------------------------------------------------------------- */

/* One column alone. */
struct single {
    const char *name, *how;
    struct mlg_evidence evidence;
};

struct singles {
    struct single *items; /* the best first */
    size_t count;
    double sign; /* -1: less of METRIC is better */
    int method;
};

/* A limit that the best column must not reach: within it are all columns, each by itself; beyond it is one,
 * at the level that so many looks leave to each. */
static int single_bounds(const void *state, double confidence, double multiplier, double *lower,
                         double *upper)
{
    const struct singles *singles = state;
    const double corrected = 1 - (1 - confidence) / (double)singles->count;
    double near = -(double)INFINITY, far = -(double)INFINITY;
    for (size_t i = 0; i < singles->count; i++) {
        const struct mlg_evidence *evidence = &singles->items[i].evidence;
        const struct mlg_bounds plain = mlg_interval(evidence, confidence, singles->method, multiplier);
        const struct mlg_bounds wide = mlg_interval(evidence, corrected, singles->method, multiplier);
        if (!plain.known || !wide.known)
            return 1;
        near = fmax(near, singles->sign > 0 ? wide.lower : -wide.upper);
        far = fmax(far, singles->sign > 0 ? plain.upper : -plain.lower);
    }
    *lower = singles->sign > 0 ? near : -far;
    *upper = singles->sign > 0 ? far : -near;
    return 0;
}

static int add_single(const struct gain_state *gain, const struct mlg_overfit_view *view, size_t column,
                      struct singles *singles, const char **why, struct mlg_error *error)
{
    const struct mlg_scan *held_out = view->held_out.scan;
    const struct mlg_lone *lone = &gain->fits->alone[column];
    const char *name = gain->fits->held_out.items[column].name, *undefined = lone->model.undefined;
    struct single *single = &singles->items[singles->count];
    struct mlg_arena arena;
    struct mlg_scan *with = NULL;
    struct room room;
    int code = MLG_OK;
    mlg_arena_init(&arena, 0);
    if (!undefined)
        code = model_answers(gain->fits, NULL, lone, held_out, &arena, &room, error);
    if (code == MLG_OK && !undefined)
        code = scan_with(gain, held_out, &room, &arena, &with, &undefined, error);
    if (code == MLG_OK && !undefined) {
        struct mlg_view other = view->held_out;
        other.scan = with;
        other.ranked = NULL;
        code = mlg_call_evaluate(&gain->other_call, &other, &single->evidence, error);
        if (code == MLG_OK && single->evidence.kind == MLG_UNDEFINED)
            undefined = single->evidence.reason;
    }
    if (code == MLG_OK && undefined)
        *why = mlg_arena_format(view->held_out.scratch, "column '%s' alone: %s", name, undefined);
    else if (code == MLG_OK) {
        single->name = name;
        single->how = mlg_lone_text(lone);
        singles->count++;
    }
    mlg_arena_free(&arena);
    return code;
}

/* Stable, hence in the order of the columns where values are equal. */
static void sort_singles(struct singles *singles)
{
    for (size_t i = 1; i < singles->count; i++) {
        const struct single moved = singles->items[i];
        size_t at = i;
        while (at > 0 &&
               singles->sign * singles->items[at - 1].evidence.value < singles->sign * moved.evidence.value) {
            singles->items[at] = singles->items[at - 1];
            at--;
        }
        singles->items[at] = moved;
    }
}

static void tell_singles(const struct singles *singles, double model, double dummy,
                         struct mlg_overfit_outcome *outcome, struct mlg_arena *arena)
{
    const struct single *best = singles->items;
    const double skill = singles->sign * (model - dummy),
                 own = singles->sign * (best->evidence.value - dummy);
    for (size_t i = 0; i < singles->count && i < MLG_OVERFIT_OFFENDERS; i++) {
        const char *text = mlg_arena_format(arena, "column '%s': %.4g%s", singles->items[i].name,
                                            singles->items[i].evidence.value, singles->items[i].how);
        if (text)
            outcome->offenders[outcome->offender_count++] = text;
    }
    outcome->offenders_of = singles->count;
    if (skill > 0)
        mlg_overfit_note(
            outcome,
            mlg_arena_format(arena,
                             "column '%s' alone gains %.0f %% of what the model gains over a constant answer",
                             best->name, 100 * own / skill));
    outcome->advice = mlg_arena_format(
        arena,

        "look at column '%s': is it known before the label is, and as telling on rows to come? Where "
        "it is, that is an honest column, and the limit is too strict",
        best->name);
}

static int single_evaluate(const struct mlg_call *call, void *state, struct mlg_overfit_view *view,
                           struct mlg_evidence *evidence, struct mlg_overfit_outcome *outcome,
                           struct mlg_error *error)
{
    const struct gain_state *gain = state;
    struct mlg_arena *arena = view->held_out.scratch;
    const size_t columns = gain->fits->train.count;
    struct singles *singles = MLG_NEW(arena, struct singles);
    struct mlg_view other = view->held_out;
    struct mlg_evidence ours, constant = {.kind = MLG_UNDEFINED};
    const char *why = NULL;
    int code = MLG_OK;
    mlg_family_begin(call, evidence);
    mlg_overfit_range(call, view->held_out.scan->data, &evidence->minimum, &evidence->maximum);
    if (!singles || !(singles->items = MLG_NEW_ARRAY(arena, struct single, columns + 1)))
        return no_memory(error);
    singles->sign = mlg_overfit_sign(call->inner);
    singles->method = view->method;
    tell_fits(gain->fits, outcome);
    for (size_t c = 0; code == MLG_OK && c < columns; c++)
        code = add_single(gain, view, c, singles, &why, error);
    if (code == MLG_OK)
        code = mlg_call_evaluate(call->inner, &view->held_out, &ours, error);
    other.scan = gain->other;
    other.ranked = NULL;
    if (code == MLG_OK && !gain->undefined)
        code = mlg_call_evaluate(&gain->other_call, &other, &constant, error);
    if (code != MLG_OK)
        return code;
    if (singles->count == 0)
        return mlg_evidence_undefined(evidence, "%.240s", why ? why : "there is no column");
    sort_singles(singles);
    const struct mlg_evidence *best = &singles->items->evidence;
    const bool both = ours.kind != MLG_UNDEFINED && constant.kind != MLG_UNDEFINED;
    if (ours.kind != MLG_UNDEFINED)
        mlg_overfit_part(outcome, "model", ours.value);
    if (constant.kind != MLG_UNDEFINED)
        mlg_overfit_part(outcome, "dummy", constant.value);
    tell_singles(singles, both ? ours.value : 0, both ? constant.value : 0, outcome, arena);
    evidence->value = best->value;
    evidence->n = best->n;
    evidence->of_queries = best->of_queries;
    for (size_t i = 0; i < singles->count; i++)
        if (!mlg_interval(&singles->items[i].evidence, view->confidence, view->method, 1).known) {
            mlg_family_bare(evidence, "%s", singles->items[i].evidence.reason);
            return MLG_OK;
        }
    evidence->kind = MLG_BOUNDS;
    evidence->method = mlg_interval(best, view->confidence, view->method, 1).method;
    evidence->bounds = single_bounds;
    evidence->state = singles;
    return MLG_OK;
}

static void single_range(const struct mlg_call *call, const struct mlg_data *data, double *minimum,
                         double *maximum)
{
    mlg_call_range(call->inner, data, minimum, maximum);
}

/* ---- rows ------------------------------------------------------------------------------------------- */

static const char *const only_metric[] = {"metric", NULL};

#define OF_METRIC                                                                                            \
    .arguments = only_metric, .params = mlg_overfit_params, .required_argument = "metric",                   \
    .check = gain_check, .minimum = -(double)INFINITY, .maximum = (double)INFINITY

const struct mlg_metric mlg_overfit_gain_over_dummy = {
    .name = "gain_over_dummy",
    .about = "how much better the model is than the best constant answer, on the same held-out rows",
    .definition =
        "gain_over_dummy(METRIC, its arguments): METRIC of the model less that of a constant answer, "
        "the other way round where less is better, so that positive means a better model. The answer "
        "is learnt from the labels of train, without train from the held-out ones: the most frequent "
        "class, with the shares of the classes as scores; the mean, of mae, mape, "
        "median_absolute_error and d2_absolute_error the median, of pinball losses the quantile",
    .undefined_when = "METRIC is undefined for the model or for the constant answer",
    .source =
        "scikit-learn DummyClassifier(strategy=\"prior\") and DummyRegressor; intervals as delta(METRIC)",
    .direction = MLG_HIGHER_IS_BETTER,
    .range = mlg_overfit_difference_range,
    .method = MLG_METHOD_PAIRED,
    OF_METRIC,
    MLG_OVERFIT_KERNEL(.by_slice = true, .paired = true, .plan = gain_plan, .prepare = dummy_prepare,
                       .evaluate = gain_evaluate),
};

const struct mlg_metric mlg_overfit_gain_over_simple = {
    .name = "gain_over_simple",
    .about = "how much better the model is than a logistic or ridge regression on the same columns",
    .definition =
        "gain_over_simple(METRIC, its arguments): METRIC of the model less that of a simple model, "
        "the other way round where less is better, so that positive means a better model; both on "
        "the same held-out rows. The simple model is fitted to the train rows, on `features` or all "
        "columns without a role: logistic (softmax) regression with C = 1, or ridge regression with "
        "alpha = 1. Numbers are standardised, a missing one is the mean and marked; categories "
        "become a column each, the 50 most frequent of them, and one for all others",
    .undefined_when = "METRIC is undefined for either, train has one label only, or no column varies",
    .source =

        "scikit-learn LogisticRegression(C=1), Ridge(alpha=1), StandardScaler, OneHotEncoder; "
        "intervals as delta(METRIC)",
    .direction = MLG_HIGHER_IS_BETTER,
    .range = mlg_overfit_difference_range,
    .method = MLG_METHOD_PAIRED,
    OF_METRIC,
    MLG_OVERFIT_KERNEL(.needs = MLG_NEEDS_TRAIN | MLG_NEEDS_COLUMNS, .by_slice = true, .paired = true,
                       .plan = gain_plan, .prepare = simple_prepare, .evaluate = gain_evaluate),
};

const struct mlg_metric mlg_overfit_single_feature = {
    .name = "single_feature",
    .about = "what the best of the columns says alone: a column that knows the label leaks it",
    .definition =
        "single_feature(METRIC, its arguments): METRIC on the held-out rows of a simple model (see "
        "gain_over_simple) that is fitted to one column of the train rows: numbers also as ten bins, "
        "and of at most 50 different ones as categories; more than 50 texts also by the labels of each "
        "text; whichever fits the train rows best, each coefficient counting 1. The value is that of the "
        "best column. A limit is met where every column keeps within it, each at the confidence of "
        "the check, and missed where one is beyond it at that confidence corrected for the number of "
        "columns (Bonferroni). Real data have strong honest columns: of breast cancer data one "
        "column alone gains 96 % of what a model of all thirty gains over chance. A high value is a "
        "question to ask, no proof of leakage",
    .undefined_when = "METRIC is undefined for the model of every column",
    .source = "the bounds of METRIC's interval, as a union and an intersection of tests (Berger 1982)",
    .direction = MLG_NO_DIRECTION,
    .range = single_range,
    .method = MLG_METHOD_NONE,
    OF_METRIC,
    MLG_OVERFIT_KERNEL(.needs = MLG_NEEDS_TRAIN | MLG_NEEDS_COLUMNS, .opposes = true, .plan = gain_plan,
                       .prepare = single_prepare, .evaluate = single_evaluate),
};
