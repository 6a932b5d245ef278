/* overfit_curves: what a training log tells: how far the end lies behind the best epoch, and held-out behind
 * train.
 *
 * The values are those of one training run, which has no sampling error that the log would tell; so they are
 * exact, and say nothing of another seed. What cannot be the curve of a training that went well never passes:
 * a value that is not finite anywhere and a single point cannot be measured, and an end that is worse than
 * the beginning is a failure whatever the limit.
 */
#include <math.h>
#include <string.h>

#include "mlgate/curves.h"
#include "mlgate/number.h"
#include "overfit_private.h"

enum { SHOWN = 8, WORD = 32 };

/* ---- which series, and which of its values are better ---------------------------------------------- */

static bool is_among(const char *word, size_t size, const char *const *words)
{
    for (; *words; words++)
        if (strlen(*words) == size && memcmp(*words, word, size) == 0)
            return true;
    return false;
}

static bool ends_in(const char *word, size_t size, const char *ending)
{
    const size_t length = strlen(ending);
    return size >= length && memcmp(word + size - length, ending, length) == 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The words of "validation_1/map@5-mean" are validation, 1, map, 5 and mean. A name with words of both kinds
 * (f1_loss) says nothing. */
static enum mlg_better better_by_name(const char *name)
{
    static const char *const losses[] = {
        "err",     "mae",      "mse",        "rmse",     "mape",       "smape",   "msle",
        "rmsle",   "nll",      "nloglik",    "wer",      "cer",        "ppl",     "brier",
        "kld",     "kl",       "perplexity", "deviance", "hinge",      "huber",   "crossentropy",
        "entropy", "xentropy", "l1",         "l2",       "quantile",   "poisson", "gamma",
        "tweedie", "fair",     "eer",        "fid",      "divergence", NULL};
    static const char *const scores[] = {
        "acc",         "accuracy", "auc",      "auroc",     "aucpr", "auprc",     "prauc",  "rocauc",
        "roc",         "f1",       "f2",       "fbeta",     "r2",    "precision", "recall", "sensitivity",
        "specificity", "map",      "ap",       "ndcg",      "mrr",   "bleu",      "rouge",  "rouge1",
        "rouge2",      "rougel",   "meteor",   "iou",       "miou",  "dice",      "kappa",  "mcc",
        "pearson",     "spearman", "pearsonr", "spearmanr", "psnr",  "ssim",      NULL};
    char word[WORD];
    size_t size = 0;
    bool is_loss = false, is_score = false;
    for (;; name++) {
        const char c = lower(*name);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            if (size < WORD)
                word[size++] = c;
            continue;
        }
        is_loss = is_loss || ends_in(word, size, "loss") || ends_in(word, size, "error") ||
                  is_among(word, size, losses);
        is_score = is_score || ends_in(word, size, "accuracy") || is_among(word, size, scores);
        size = 0;
        if (!c)
            break;
    }
    return is_loss == is_score ? MLG_BETTER_BY_NAME : is_loss ? MLG_BETTER_LOWER : MLG_BETTER_HIGHER;
}

struct asked {
    const struct mlg_overfit_view *view;
    struct mlg_evidence *evidence;
    struct mlg_arena *arena;
    const struct mlg_curves *curves;
};

/* "known are 'loss', 'val_loss' and 3 more" */
static void tell_unknown(const struct asked *asked, const char *name)
{
    const struct mlg_curves *curves = asked->curves;
    const char **names = MLG_NEW_ARRAY(asked->arena, const char *, curves->count);
    const char *list = "";
    for (size_t i = 0; names && i < curves->count; i++)
        names[i] = curves->items[i].name;
    const char *near = names ? mlg_nearest(name, names, curves->count) : NULL;
    for (size_t i = 0; list && i < curves->count && i < SHOWN; i++)
        list = mlg_arena_format(asked->arena, "%s%s'%s'", list, i ? ", " : "", curves->items[i].name);
    if (list && curves->count > SHOWN)
        list = mlg_arena_format(asked->arena, "%s and %zu more", list, curves->count - SHOWN);
    if (near && curves->count == 1)
        mlg_evidence_undefined(asked->evidence, "no series '%s' in '%s'; did you mean '%s'?", name,
                               curves->path, near);
    else if (near)
        mlg_evidence_undefined(asked->evidence, "no series '%s' in '%s'; did you mean '%s'? known are %s",
                               name, curves->path, near, list ? list : "others");
    else
        mlg_evidence_undefined(asked->evidence, "no series '%s' in '%s'; known are %s", name, curves->path,
                               list ? list : "others");
}

/* ---- where a point stands ---------------------------------------------------------------------------- */

static const char *point_text(const struct asked *asked, const struct mlg_curve *curve, size_t point)
{
    char number[MLG_NUMBER_SIZE];
    const char *text;
    if (curve->has_epochs || !curve->has_steps) {
        mlg_number_print(curve->has_epochs ? curve->points[point].epoch : (double)point, number);
        text = mlg_arena_format(asked->arena, "%s %s", asked->curves->unit, number);
    } else {
        mlg_number_print(curve->points[point].step, number);
        text = mlg_arena_format(asked->arena, "step %s", number);
    }
    return text ? text : "?";
}

/* Epochs from one point to a later one; without epochs, the points between. */
static double distance(const struct mlg_curve *curve, size_t from, size_t to)
{
    return curve->has_epochs ? curve->points[to].epoch - curve->points[from].epoch : (double)(to - from);
}

/* A curve that can be judged; false: told in the evidence. */
static bool is_sound(const struct asked *asked, const struct mlg_curve *curve)
{
    if (curve->mistake) {
        mlg_evidence_undefined(asked->evidence, "%s", curve->mistake);
        return false;
    }
    for (size_t i = 0; i < curve->count; i++)
        if (!isfinite(curve->points[i].value)) {
            mlg_evidence_undefined(asked->evidence, "'%s' is %s at %s (%s:%lu): the training diverged",
                                   curve->name, isnan(curve->points[i].value) ? "not a number" : "infinite",
                                   point_text(asked, curve, i), asked->curves->path, curve->points[i].line);
            return false;
        }
    if (curve->count < 2) {
        mlg_evidence_undefined(asked->evidence, "'%s' has one point (%s); a curve has two or more",
                               curve->name, point_text(asked, curve, 0));
        return false;
    }
    /* What one epoch wrote several times is one epoch. */
    const struct mlg_curve_point *first = &curve->points[0], *last = &curve->points[curve->count - 1];
    if ((curve->has_epochs || curve->has_steps) && !(curve->has_epochs && first->epoch < last->epoch) &&
        !(curve->has_steps && first->step < last->step)) {
        mlg_evidence_undefined(asked->evidence,
                               "'%s' has %zu values of one place (%s); a curve has two or more", curve->name,
                               curve->count, point_text(asked, curve, 0));
        return false;
    }
    return true;
}

static size_t best_of(const struct mlg_curve *curve, bool higher)
{
    size_t best = 0;
    for (size_t i = 1; i < curve->count; i++)
        if (higher ? curve->points[i].value > curve->points[best].value
                   : curve->points[i].value < curve->points[best].value)
            best = i;
    return best;
}

static bool direction(const struct asked *asked, const struct mlg_call *call, const char *name, bool *higher)
{
    enum mlg_better better = (enum mlg_better)call->arguments.better;
    if (better == MLG_BETTER_BY_NAME)
        better = better_by_name(name);
    *higher = better == MLG_BETTER_HIGHER;
    if (better != MLG_BETTER_BY_NAME)
        return true;
    mlg_evidence_undefined(
        asked->evidence,
        "the name '%s' does not say whether lower or higher is better; add better=lower or "
        "better=higher",
        name);
    return false;
}

/* ---- what all three tell ----------------------------------------------------------------------------- */

static void begin(struct asked *asked, const struct mlg_call *call, struct mlg_overfit_view *view,
                  struct mlg_evidence *evidence)
{
    mlg_family_begin(call, evidence);
    *asked = (struct asked){view, evidence, view->held_out.scratch, view->curves};
    evidence->method = MLG_METHOD_EXACT;
}

/* Why a curve whose end, at `last`, is worse than its beginning passes no limit; NULL: it does not end so. */
static const char *diverged(const struct asked *asked, const struct mlg_curve *curve, size_t last,
                            bool higher)
{
    const double first = curve->points[0].value, final = curve->points[last].value;
    if (!(higher ? final < first : final > first))
        return NULL;
    return mlg_arena_format(asked->arena,
                            "'%s' ends %s than it began, at %g after %g: it diverged, or overfitted from the "
                            "start",
                            curve->name, higher ? "lower" : "higher", final, first);
}

/* A name as a check has it. */
static const char *written(const struct asked *asked, const char *name)
{
    for (const char *c = name; *c; c++)
        if (!((lower(*c) >= 'a' && lower(*c) <= 'z') || (*c >= '0' && *c <= '9') || strchr("_-.+/:%", *c)))
            return mlg_arena_format(asked->arena, "'%s'", name);
    return name;
}

#define ADVICE_OF_DIVERGED                                                                                   \
    "look at the learning rate (lower, or warmed up), the gradients (clipped) and the data (scaled, "        \
    "rightly "                                                                                               \
    "labelled)"

/* What would change a verdict that is no pass; `at_best`: the gap is that of the best epoch. */
static const char *advice(const struct asked *asked, const struct mlg_curve *curve, size_t best,
                          bool has_diverged, bool at_best)
{
    if (best == 0 && has_diverged)
        return ADVICE_OF_DIVERGED
            ": no epoch is better than the first, so that stopping earlier would not help";
    if (best + 1 == curve->count)
        return "regularise the model more, or train it on more rows; stopping earlier would not help, the "
               "last epoch is the best";
    if (at_best)
        return "regularise the model more, or train it on more rows; stopping earlier would not help, this "
               "is "
               "the gap of the best epoch";
    return mlg_arena_format(
        asked->arena,
        "stop at %s, or keep its weights (early stopping; %s); if they are what is kept, judge curve_gap(%s, "
        "at=best)",
        point_text(asked, curve, best),
        strcmp(asked->curves->unit, "round") == 0 ? "best_iteration" : "restore_best_weights",
        written(asked, curve->name));
}

/* `at_best`: what comes after the best epoch does not count. */
static int conclude(const struct asked *asked, const struct mlg_curve *curve, bool higher, bool at_best,
                    double value, struct mlg_overfit_outcome *outcome)
{
    struct mlg_evidence *evidence = asked->evidence;
    const size_t best = best_of(curve, higher);
    evidence->kind = MLG_EXACT_VALUE;
    evidence->value = value;
    evidence->n = curve->count;
    const char *why = diverged(asked, curve, curve->count - 1, higher);
    outcome->no_pass = at_best && best > 0 ? NULL : why;
    if (best == 0 && !why)
        mlg_overfit_note(outcome,
                         mlg_arena_format(asked->arena,
                                          "'%s' is never better than at its first point, %s: it shows "
                                          "nothing learnt",
                                          curve->name, point_text(asked, curve, 0)));
    mlg_overfit_note(outcome, curve->note);
    outcome->advice = advice(asked, curve, best, why != NULL, at_best);
    return MLG_OK;
}

/* The mantissas of two numbers, as they are written, at one exponent that is not above 0; false: they do not
 * fit. */
static bool as_whole(double a, double b, int64_t *whole_a, int64_t *whole_b, int *exponent)
{
    struct mlg_decimal decimals[2];
    const double values[2] = {a, b};
    for (size_t i = 0; i < 2; i++) {
        char text[MLG_NUMBER_SIZE];
        const size_t size = mlg_number_print(values[i], text);
        if (!mlg_decimal_parse(text, size, &decimals[i]) || !decimals[i].exact)
            return false;
    }
    *exponent = decimals[0].exponent < decimals[1].exponent ? decimals[0].exponent : decimals[1].exponent;
    *exponent = *exponent < 0 ? *exponent : 0;
    for (size_t i = 0; i < 2; i++)
        for (; decimals[i].exponent > *exponent; decimals[i].exponent--)
            if (__builtin_mul_overflow(decimals[i].mantissa, 10, &decimals[i].mantissa))
                return false;
    *whole_a = decimals[0].mantissa;
    *whole_b = decimals[1].mantissa;
    return true;
}

/* (a - b) / |of|, `of` being b or 1, as a ratio of whole numbers where that can be: 0.55 after 0.5 is one
 * tenth worse. */
static double ratio_of(struct mlg_evidence *evidence, double a, double b, bool relative)
{
    const double value = relative ? (a - b) / fabs(b) : a - b;
    int64_t whole_a, whole_b, difference, of = 1;
    int exponent;
    if (!as_whole(a, b, &whole_a, &whole_b, &exponent) || whole_b == INT64_MIN ||
        __builtin_sub_overflow(whole_a, whole_b, &difference) || difference < 0)
        return value;
    for (; !relative && exponent < 0; exponent++)
        if (__builtin_mul_overflow(of, 10, &of))
            return value;
    of = relative ? whole_b < 0 ? -whole_b : whole_b : of;
    if (of == 0)
        return value;
    evidence->numerator = (uint64_t)difference;
    evidence->denominator = (uint64_t)of;
    return (double)difference / (double)of;
}

static int curves_plan(struct mlg_call *call, struct mlg_overfit_planning *planning, void **state,
                       struct mlg_error *error)
{
    (void)call, (void)planning, (void)state, (void)error; /* the log is read whole, whatever is asked of it */
    return MLG_OK;
}

/* The series of decline and epochs_past_best; NULL: told in the evidence. */
static const struct mlg_curve *the_curve(const struct asked *asked, const struct mlg_call *call, bool *higher)
{
    const char *name = call->arguments.series;
    const struct mlg_curve *curve = mlg_curves_find(asked->curves, name);
    if (!curve)
        tell_unknown(asked, name);
    return curve && is_sound(asked, curve) && direction(asked, call, name, higher) ? curve : NULL;
}

/* ---- decline ----------------------------------------------------------------------------------------- */

static int decline_evaluate(const struct mlg_call *call, void *state, struct mlg_overfit_view *view,
                            struct mlg_evidence *evidence, struct mlg_overfit_outcome *outcome,
                            struct mlg_error *error)
{
    struct asked asked;
    bool higher;
    (void)state, (void)error;
    begin(&asked, call, view, evidence);
    const struct mlg_curve *curve = the_curve(&asked, call, &higher);
    if (!curve)
        return MLG_OK;
    const size_t best_point = best_of(curve, higher);
    const double best = curve->points[best_point].value, final = curve->points[curve->count - 1].value;
    const double worse = higher ? best - final : final - best;
    if (!(fabs(best) > 0) && worse > 0)
        return mlg_evidence_undefined(evidence,
                                      "the best value of '%s' is 0, so that no share of it can be told; "
                                      "epochs_past_best and curve_gap can",
                                      curve->name);
    mlg_overfit_part(outcome, "best", best);
    mlg_overfit_part(outcome, "final", final);
    mlg_overfit_note(outcome, mlg_arena_format(asked.arena, "best at %s, the last is %s",
                                               point_text(&asked, curve, best_point),
                                               point_text(&asked, curve, curve->count - 1)));
    /* of a score the two are turned over, so that it is best - final again */
    const double value = !(worse > 0) ? 0
                         : higher     ? ratio_of(evidence, -final, -best, true)
                                      : ratio_of(evidence, final, best, true);
    return conclude(&asked, curve, higher, false, value, outcome);
}

/* ---- epochs_past_best -------------------------------------------------------------------------------- */

static int past_evaluate(const struct mlg_call *call, void *state, struct mlg_overfit_view *view,
                         struct mlg_evidence *evidence, struct mlg_overfit_outcome *outcome,
                         struct mlg_error *error)
{
    enum { LARGEST = 1 << 30 };
    struct asked asked;
    bool higher;
    (void)state, (void)error;
    begin(&asked, call, view, evidence);
    const struct mlg_curve *curve = the_curve(&asked, call, &higher);
    if (!curve)
        return MLG_OK;
    const size_t best = best_of(curve, higher), last = curve->count - 1;
    const double past = distance(curve, best, last);
    mlg_overfit_part(outcome, "best", curve->points[best].value);
    mlg_overfit_part(outcome, "final", curve->points[last].value);
    mlg_overfit_note(outcome,
                     mlg_arena_format(asked.arena, "best at %s, the last is %s",
                                      point_text(&asked, curve, best), point_text(&asked, curve, last)));
    if (past < LARGEST && !(floor(past) < past)) {
        evidence->numerator = (uint64_t)past;
        evidence->denominator = 1;
    }
    return conclude(&asked, curve, higher, false, past, outcome);
}

/* ---- curve_gap --------------------------------------------------------------------------------------- */

/* What a name says of the rows that its series is of. */
enum side { UNSAID, TRAIN, HELD_OUT };

/* val_loss is loss of held-out rows, and so are val/loss and valid_1/loss. */
struct meaning {
    enum side side;
    const char *metric;
    const char *set; /* what stands before it and says no side: "history" of history/val_loss */
    size_t set_size;
};

static bool is_letter(char c)
{
    return lower(c) >= 'a' && lower(c) <= 'z';
}

/* The side that the word at the start tells, and its size. */
static enum side first_word(const char *text, size_t *size)
{
    static const struct {
        const char *word;
        enum side side;
    } words[] = {{"training", TRAIN},      {"train", TRAIN},    {"learn", TRAIN},
                 {"validation", HELD_OUT}, {"valid", HELD_OUT}, {"val", HELD_OUT},
                 {"evaluation", HELD_OUT}, {"eval", HELD_OUT},  {"test", HELD_OUT},
                 {"holdout", HELD_OUT},    {"dev", HELD_OUT}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        *size = strlen(words[i].word);
        if (strncmp(text, words[i].word, *size) == 0 && !is_letter(text[*size]))
            return words[i].side;
    }
    return UNSAID;
}

static struct meaning meaning_of(const char *name)
{
    const char *slash = strrchr(name, '/'), *set = slash;
    struct meaning meaning = {.metric = slash ? slash + 1 : name};
    size_t size;
    while (set && set > name && set[-1] != '/')
        set--;
    if (slash && slash > set && *meaning.metric && (meaning.side = first_word(set, &size)) != UNSAID)
        return meaning;
    meaning.set = name;
    meaning.set_size = (size_t)(meaning.metric - name);
    const enum side side = first_word(meaning.metric, &size);
    if (side != UNSAID && meaning.metric[size] && strchr("_-. ", meaning.metric[size]) &&
        meaning.metric[size + 1]) {
        meaning.side = side;
        meaning.metric += size + 1;
    }
    return meaning;
}

/* Lightning calls the mean over an epoch train_loss_epoch where steps are logged too. */
static bool same_metric(const char *a, const char *b)
{
    static const char ending[] = "_epoch";
    size_t a_size = strlen(a), b_size = strlen(b);
    a_size -= ends_in(a, a_size, ending) ? sizeof ending - 1 : 0;
    b_size -= ends_in(b, b_size, ending) ? sizeof ending - 1 : 0;
    return a_size > 0 && a_size == b_size && memcmp(a, b, a_size) == 0;
}

/* The series of one metric, by what their names say; the first of each. */
struct relatives {
    const struct mlg_curve *bare, *train, *held_out, *other; /* other: whichever but the one asked for */
    const struct mlg_curve *first;                           /* of XGBoost's sets, validation_0 */
    size_t held_outs;
};

static struct relatives relatives_of(const struct mlg_curves *curves, const char *name)
{
    static const char first[] = "validation_0/";
    const struct meaning asked = meaning_of(name);
    struct relatives found = {0};
    for (size_t i = 0; i < curves->count; i++) {
        const struct mlg_curve *curve = &curves->items[i];
        const struct meaning own = meaning_of(curve->name);
        if (!same_metric(own.metric, asked.metric))
            continue;
        const bool is_beside = own.set_size == asked.set_size &&
                               (own.set_size == 0 || memcmp(own.set, asked.set, own.set_size) == 0);
        if (own.side == UNSAID && is_beside && !found.bare)
            found.bare = curve;
        if (own.side == TRAIN && !found.train)
            found.train = curve;
        if (own.side == HELD_OUT && found.held_outs++ == 0)
            found.held_out = curve;
        if (strncmp(curve->name, first, sizeof first - 1) == 0)
            found.first = curve;
        if (strcmp(curve->name, name) != 0 && !found.other)
            found.other = curve;
    }
    return found;
}

struct pair {
    const struct mlg_curve *train, *held_out;
};

static void tell_no_train(const struct asked *asked, const char *name, const struct mlg_curve *other)
{
    if (other)
        mlg_evidence_undefined(
            asked->evidence,
            "no name says which series is the train one of '%s', which is the held-out one "
            "since it is named; add it, as in curve_gap(%s, train=%s)",
            name, written(asked, name), written(asked, other->name));
    else
        mlg_evidence_undefined(asked->evidence, "no series of train rows goes with '%s'; %s", name,
                               strcmp(asked->curves->unit, "round") == 0
                                   ? "put the train set in eval_set too, before the held-out one"
                                   : "log the same of the train rows too, or name it by train=SERIES");
}

/* A metric's name (loss, logloss) stands for its held-out series where there is one; any other name is that
 * of the held-out series. */
static void find_by_name(const struct asked *asked, const char *name, struct pair *pair)
{
    const struct relatives found = relatives_of(asked->curves, name);
    const struct mlg_curve *own = mlg_curves_find(asked->curves, name);
    const enum side side = meaning_of(name).side;
    const struct mlg_curve *train = found.bare ? found.bare : found.train;
    if (own && side == TRAIN) {
        mlg_evidence_undefined(
            asked->evidence, "'%s' is of train rows by its name; curve_gap takes the held-out series%s%s%s",
            name, found.held_out ? ", as in curve_gap(" : "",
            found.held_out ? written(asked, found.held_out->name) : "", found.held_out ? ")" : "");
    } else if (own && side == HELD_OUT) {
        train = train || found.first == own ? train : found.first;
        *pair = (struct pair){train, own};
        if (!train)
            tell_no_train(asked, name, found.other);
    } else if (own && found.bare == own && found.held_outs == 0) {
        if (found.train)
            *pair = (struct pair){found.train, own};
        else if (found.other)
            tell_no_train(asked, name, found.other);
        else
            mlg_evidence_undefined(asked->evidence,
                                   "no series of held-out rows goes with '%s'; log it too, or name both: "
                                   "curve_gap(HELD_OUT, train=SERIES)",
                                   name);
    } else if (side != UNSAID || found.held_outs == 0) {
        tell_unknown(asked, name);
    } else if (found.held_outs > 1) {
        mlg_evidence_undefined(asked->evidence,
                               "'%s' has %zu held-out series by their names; name the one that is meant, as "
                               "in curve_gap(%s)",
                               name, found.held_outs, written(asked, found.held_out->name));
    } else {
        *pair = (struct pair){train, found.held_out};
        if (!train)
            tell_no_train(asked, found.held_out->name, NULL);
    }
}

/* Both series, or told in the evidence. */
static bool find_pair(const struct asked *asked, const struct mlg_call *call, struct pair *pair)
{
    const struct mlg_curves *curves = asked->curves;
    const char *name = call->arguments.series, *train = call->arguments.train;
    *pair = (struct pair){NULL, NULL};
    if (!train) {
        find_by_name(asked, name, pair);
        return pair->train && pair->held_out;
    }
    pair->train = mlg_curves_find(curves, train);
    pair->held_out = mlg_curves_find(curves, name);
    if (!pair->train || !pair->held_out)
        tell_unknown(asked, pair->train ? name : train);
    else if (pair->train == pair->held_out)
        mlg_evidence_undefined(asked->evidence, "'%s' is compared with itself; train=SERIES names another",
                               name);
    return pair->train && pair->held_out && pair->train != pair->held_out;
}

/* The last point of `train` that does not stand after `point` of `held_out`. False: the log does not say
 * where they stand. */
static bool beside(const struct mlg_curve *train, const struct mlg_curve *held_out, size_t point, size_t *at)
{
    const struct mlg_curve_point *end = &held_out->points[point];
    const bool epochs = train->has_epochs && held_out->has_epochs,
               steps = train->has_steps && held_out->has_steps;
    *at = train->count - 1;
    if (!epochs && !steps) {
        if (train->count == held_out->count)
            *at = point;
        return train->count == held_out->count || point + 1 == held_out->count;
    }
    while (*at > 0 && (epochs ? train->points[*at].epoch > end->epoch : train->points[*at].step > end->step))
        (*at)--;
    return true;
}

static int gap_evaluate(const struct mlg_call *call, void *state, struct mlg_overfit_view *view,
                        struct mlg_evidence *evidence, struct mlg_overfit_outcome *outcome,
                        struct mlg_error *error)
{
    struct asked asked;
    struct pair pair;
    bool higher;
    (void)state, (void)error;
    begin(&asked, call, view, evidence);
    if (!find_pair(&asked, call, &pair) || !is_sound(&asked, pair.held_out) ||
        !is_sound(&asked, pair.train) || !direction(&asked, call, pair.held_out->name, &higher))
        return MLG_OK;
    const bool at_best = call->arguments.at == MLG_AT_BEST;
    const size_t point = at_best ? best_of(pair.held_out, higher) : pair.held_out->count - 1;
    size_t train_point;
    if (!beside(pair.train, pair.held_out, point, &train_point))
        return mlg_evidence_undefined(
            evidence,
            "'%s' and '%s' have %zu and %zu values without epochs, so that it is open "
            "which of them stand beside each other",
            pair.held_out->name, pair.train->name, pair.held_out->count, pair.train->count);
    const double train = pair.train->points[train_point].value;
    const double held_out = pair.held_out->points[point].value;
    mlg_overfit_part(outcome, "train", train);
    mlg_overfit_part(outcome, "held_out", held_out);
    mlg_overfit_note(outcome, mlg_arena_format(asked.arena, "held-out '%s' at %s%s, train '%s' at %s",
                                               pair.held_out->name, point_text(&asked, pair.held_out, point),
                                               at_best ? ", its best" : "", pair.train->name,
                                               point_text(&asked, pair.train, train_point)));
    const int code = conclude(&asked, pair.held_out, higher, at_best,
                              higher ? ratio_of(evidence, train, held_out, false)
                                     : ratio_of(evidence, held_out, train, false),
                              outcome);
    /* A train series that went astray makes any held-out one look good. */
    const char *why = diverged(&asked, pair.train, train_point, higher);
    if (why && !outcome->no_pass) {
        outcome->no_pass = why;
        outcome->advice = ADVICE_OF_DIVERGED;
    }
    return code;
}

/* ---- rows ---------------------------------------------------------------------------------------------- */

static const char *const one_series[] = {"series", "better", NULL};
static const char *const two_series[] = {"series", "better", "train", "at", NULL};

#define CURVES(names, function)                                                                              \
    .arguments = (names), .params = mlg_overfit_params, .required_argument = "series",                       \
    .direction = MLG_LOWER_IS_BETTER, .maximum = (double)INFINITY, .method = MLG_METHOD_EXACT,               \
    MLG_OVERFIT_KERNEL(.needs = MLG_NEEDS_CURVES, .exact = true, .plan = curves_plan,                        \
                       .evaluate = (function))

#define UNDEFINED "the series has a value that is not finite, or a single point"

const struct mlg_metric mlg_overfit_decline = {
    .name = "decline",
    .about = "how much worse a series of the training log is at the end than at its best",
    .definition =
        "(final - best) / |best|, turned over where higher is better; of the log that 'curves' names",
    .undefined_when = UNDEFINED "; the best value is 0",
    .source = "one run's log: exact",
    .minimum = 0,
    CURVES(one_series, decline_evaluate),
};

const struct mlg_metric mlg_overfit_epochs_past_best = {
    .name = "epochs_past_best",
    .about = "how long training went on after the best value of a series of the training log",
    .definition =
        "epochs from the first best point to the last; rounds or points where the log names no epochs",
    .undefined_when = UNDEFINED,
    .source = "one run's log: exact",
    .minimum = 0,
    CURVES(one_series, past_evaluate),
};

const struct mlg_metric mlg_overfit_curve_gap = {
    .name = "curve_gap",
    .about = "how much worse the held-out series of the training log is than the train series",
    .definition =
        "held-out - train, turned over where higher is better, at the last point of the held-out series, or "
        "with at=best at its best one; the series that is named is the held-out one",
    .undefined_when = UNDEFINED "; one of the two series is missing",
    .source = "one run's log: exact",
    .minimum = -(double)INFINITY,
    CURVES(two_series, gap_evaluate),
};
