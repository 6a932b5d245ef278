/* decline, epochs_past_best and curve_gap: on small logs, and on those of tests/oracles/curves, whose values
 * are worked out by tests/oracles/curves.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/curves.h"
#include "mlgate/overfit.h"
#include "named_rows.h"
#include "world_memory.h"

struct row {
    const char *name;
    const char *log, *check;
    double value;
    const char *reason; /* it is undefined, so; or */
    const char *note;   /* the first */
    const char *advice;
    const char *no_pass;
    size_t notes_in_all;             /* 0: not looked at */
    double parts[2];                 /* 0: not looked at */
    uint64_t numerator, denominator; /* 0: not looked at */
};

#define OVERFITS "epoch,loss,val_loss\n0,0.7,0.8\n1,0.5,0.5\n2,0.4,0.5\n3,0.2,0.75\n"
#define SCORES "epoch,accuracy,val_accuracy\n1,0.5,0.5\n2,0.8,0.8\n3,0.95,0.6\n"
#define SETS(a, b) "{\"" a "\": {\"logloss\": [0.6, 0.4]}, \"" b "\": {\"logloss\": [0.7, 0.5]}}"

static const struct row rows[] = {
    {.name = "decline is how much worse the end is, relative to the best",
     .log = OVERFITS,
     .check = "decline(val_loss)",
     .value = 0.5,
     .note = "best at epoch 1, the last is epoch 3",
     .advice =
         "stop at epoch 1, or keep its weights (early stopping; restore_best_weights); if they are what is "
         "kept, judge curve_gap(val_loss, at=best)",
     .parts = {0.5, 0.75}},
    {.name = "decline of a score looks the other way",
     .log = SCORES,
     .check = "decline(val_accuracy)",
     .value = 0.25,
     .parts = {0.8, 0.6}},
    {.name = "decline is 0 where the end is the best",
     .log = OVERFITS,
     .check = "decline(loss) <= 0",
     .value = 0,
     .advice = "regularise the model more, or train it on more rows; stopping earlier would not help, the "
               "last epoch is "
               "the best"},
    {.name = "decline of negative losses is relative to their size",
     .log = "{\"loss\": [-1, -4, -3]}",
     .check = "decline(loss)",
     .value = 0.25},
    {.name = "decline is exact as the values are written",
     .log = "{\"loss\": [1, 0.5, 0.55]}",
     .check = "decline(loss) <= 10%",
     .value = 0.1,
     .numerator = 5,
     .denominator = 50},
    {.name = "decline of a score is exact as the values are written",
     .log = "{\"auc\": [0.5, 0.9, 0.81]}",
     .check = "decline(auc) <= 10%",
     .value = 0.1,
     .numerator = 9,
     .denominator = 90},
    {.name = "the gap is exact as the values are written",
     .log = "{\"loss\": [1, 0.2], \"val_loss\": [1, 0.3]}",
     .check = "curve_gap(loss) <= 0.1",
     .value = 0.1,
     .numerator = 1,
     .denominator = 10},
    {.name = "decline from a best value of 0 is undefined",
     .log = "{\"loss\": [1, 0, 0.5]}",
     .check = "decline(loss)",
     .reason = "the best value of 'loss' is 0, so that no share of it can be told; epochs_past_best and "
               "curve_gap can"},
    {.name = "decline at a best value of 0 is 0",
     .log = "{\"loss\": [1, 0]}",
     .check = "decline(loss)",
     .value = 0},
    {.name = "epochs past the first of equal bests are counted",
     .log = OVERFITS,
     .check = "epochs_past_best(val_loss)",
     .value = 2,
     .parts = {0.5, 0.75}},
    {.name = "epochs are what the log calls so, however often it measures",
     .log = "epoch,val_loss\n5,0.5\n10,0.4\n15,0.45\n20,0.5\n",
     .check = "epochs_past_best(val_loss)",
     .value = 10},
    {.name = "epochs may be parts of one",
     .log = "{\"log_history\": [{\"epoch\": 0.5, \"eval_loss\": 1}, {\"epoch\": 1.25, \"eval_loss\": 1}]}",
     .check = "epochs_past_best(eval_loss)",
     .value = 0.75},
    {.name = "rounds of boosting are counted",
     .log = "{\"valid_1\": {\"l2\": [3, 1, 2, 2, 2]}}",
     .check = "epochs_past_best(valid_1/l2)",
     .value = 3,
     .note = "best at round 1, the last is round 4",
     .advice =
         "stop at round 1, or keep its weights (early stopping; best_iteration); if they are what is kept, "
         "judge curve_gap(valid_1/l2, at=best)"},
    {.name = "steps tell the place where there are no epochs",
     .log = "step,loss\n100,1\n200,1\n",
     .check = "epochs_past_best(loss)",
     .value = 1,
     .note = "best at step 100, the last is step 200"},
    {.name = "epochs in disorder are told",
     .log = "epoch,loss\n0,5\n1,1\n1,4\n0.5,3\n",
     .check = "decline(loss)",
     .reason = "log:5: epoch 0.5 of 'loss' comes after epoch 1, and was not there before; rows stand in the "
               "order of "
               "training"},
    {.name = "what a resumed training took back is no best epoch",
     .log = "epoch,loss\n0,5\n1,4\n2,1\n1,3\n2,3\n",
     .check = "decline(loss)",
     .value = 0,
     .note = "best at epoch 1, the last is epoch 2"},

    {.name = "a series whose key is gone before the last epoch is no curve",
     .log = "{\"epoch\":0,\"val_loss\":1,\"loss\":1}\n{\"epoch\":1,\"val_loss\":0.5,\"loss\":0.8}\n"
            "{\"epoch\":2,\"loss\":0.7}\n{\"epoch\":3,\"loss\":0.6}\n",
     .check = "decline(val_loss)",
     .reason =
         "log:2: 'val_loss' ends at epoch 1, and the log goes on to epoch 3; not-a-number is often left out, "
         "and what was not logged is not known; log it to the end, or leave out the rows behind it"},
    {.name = "nor in the gap",
     .log = "{\"epoch\":0,\"val_loss\":1,\"loss\":1}\n{\"epoch\":1,\"val_loss\":0.5,\"loss\":0.8}\n"
            "{\"epoch\":2,\"loss\":0.7}\n",
     .check = "curve_gap(val_loss)",
     .reason =
         "log:2: 'val_loss' ends at epoch 1, and the log goes on to epoch 2; not-a-number is often left out, "
         "and what was not logged is not known; log it to the end, or leave out the rows behind it"},
    {.name = "nor where its cells had gaps before",
     .log = "epoch,step,loss,val_loss\n0,9,1,\n0,9,,1\n1,19,1,\n1,19,,0.5\n2,29,1,\n3,39,1,\n",
     .check = "epochs_past_best(val_loss)",
     .reason =
         "log:5: 'val_loss' ends at epoch 1, and the log goes on to epoch 3; not-a-number is often left out, "
         "and what was not logged is not known; log it to the end, or leave out the rows behind it"},
    {.name = "nor an array that is shorter than others",
     .log = "{\"a\": {\"auc\": [0.5, 0.6, 0.7, 0.8]}, \"b\": {\"auc\": [0.5, 0.6]}}",
     .check = "decline(b/auc)",
     .reason =
         "log:1: 'b/auc' ends at row 1, and the log goes on to row 3; not-a-number is often left out, and "
         "what was not logged is not known; log it to the end, or leave out the rows behind it"},
    {.name = "what is logged every third epoch may end two before the log",
     .log = "epoch,loss,val_loss\n0,1,1\n1,1,\n2,1,\n3,1,0.5\n4,1,\n5,1,\n",
     .check = "epochs_past_best(val_loss)",
     .value = 0},
    {.name = "a test score after the training is no epoch of it",
     .log = "epoch,val_loss,test_loss\n0,1,\n1,0.5,\n2,,0.6\n1,0.5,\n",
     .check = "epochs_past_best(val_loss)",
     .value = 0},
    {.name = "what a resumed training took back is no end of the log",
     .log = "epoch,loss,val_loss\n0,1,1\n1,1,1\n2,1,1\n1,1,1\n",
     .check = "epochs_past_best(val_loss)",
     .value = 1},
    {.name = "one epoch that was written three times is one",
     .log = "epoch,val_loss\n0,0.5\n0,0.6\n0,0.4\n",
     .check = "epochs_past_best(val_loss)",
     .reason = "'val_loss' has 3 values of one place (epoch 0); a curve has two or more"},
    {.name = "steps within one epoch are places of their own",
     .log = "epoch,step,val_loss\n0,10,0.5\n0,20,0.4\n",
     .check = "decline(val_loss)",
     .value = 0},

    /* ---- the gap ---- */
    {.name = "a train series that went astray makes no held-out one look good",
     .log = "epoch,loss,val_loss\n0,1,1.1\n1,0.5,0.6\n2,0.3,0.4\n3,250,0.35\n",
     .check = "curve_gap(val_loss)",
     .value = -249.65,
     .no_pass = "'loss' ends higher than it began, at 250 after 1: it diverged, or overfitted from the start",
     .advice = "look at the learning rate (lower, or warmed up), the gradients (clipped) and the data "
               "(scaled, rightly "
               "labelled)"},
    {.name = "at the best epoch it counts up to there",
     .log = "epoch,loss,val_loss\n0,1,1.1\n1,0.5,0.6\n2,0.3,0.4\n3,250,0.45\n",
     .check = "curve_gap(val_loss, at=best)",
     .value = 0.1},
    {.name = "the gap is held-out less train at the end",
     .log = OVERFITS,
     .check = "curve_gap(loss)",
     .value = 0.55,
     .note = "held-out 'val_loss' at epoch 3, train 'loss' at epoch 3",
     .advice =
         "stop at epoch 1, or keep its weights (early stopping; restore_best_weights); if they are what is "
         "kept, judge curve_gap(val_loss, at=best)",
     .parts = {0.2, 0.75}},
    {.name = "a metric's name stands for its held-out series",
     .log = OVERFITS,
     .check = "curve_gap(val_loss)",
     .value = 0.55},
    {.name = "the gap of the best epoch is what its weights have",
     .log = OVERFITS,
     .check = "curve_gap(val_loss, at=best)",
     .value = 0,
     .note = "held-out 'val_loss' at epoch 1, its best, train 'loss' at epoch 1",
     .advice =
         "regularise the model more, or train it on more rows; stopping earlier would not help, this is "
         "the gap of the best epoch"},
    {.name = "the best epoch's gap finds the train value of that epoch",
     .log = "epoch,train_loss,val_loss\n0,1,2\n1,0.75,\n2,0.5,1\n3,0.25,\n4,0.1,1.5\n",
     .check = "curve_gap(val_loss, at=best)",
     .value = 0.5,
     .parts = {0.5, 1}},
    {.name = "values without epochs stand beside each other only where they are as many",
     .log = "loss,val_loss\n3,2\n2,1\n,1.5\n1,1.5\n",
     .check = "curve_gap(val_loss, at=best)",
     .reason =
         "'val_loss' and 'loss' have 4 and 3 values without epochs, so that it is open which of them stand "
         "beside each other"},
    {.name = "what comes after the best epoch does not count at=best",
     .log = "{\"loss\": [0.7, 0.5, 0.4], \"val_loss\": [0.8, 0.6, 4]}",
     .check = "curve_gap(val_loss, at=best) <= 0.2",
     .value = 0.1},
    {.name = "a training that is best at its first epoch and then diverges passes at=best neither",
     .log = "{\"loss\": [0.7, 0.5, 0.4], \"val_loss\": [0.8, 2, 4]}",
     .check = "curve_gap(val_loss, at=best) <= 0.2",
     .value = 0.1,
     .no_pass =
         "'val_loss' ends higher than it began, at 4 after 0.8: it diverged, or overfitted from the start"},
    {.name = "the gap of scores is train less held-out",
     .log = SCORES,
     .check = "curve_gap(accuracy)",
     .value = 0.35},
    {.name = "the gap ends where the held-out series ends",
     .log = "epoch,train_loss,val_loss\n0,1,2\n1,0.75,\n2,0.5,1\n3,0.25,\n",
     .check = "curve_gap(val_loss)",
     .value = 0.5,
     .note = "held-out 'val_loss' at epoch 2, train 'train_loss' at epoch 2"},
    {.name = "a metric's name finds train_ and val_",
     .log = "epoch,train_loss,val_loss\n0,1,2\n1,0.75,1\n",
     .check = "curve_gap(loss)",
     .value = 0.25},
    {.name = "the plain name goes before train_",
     .log = "{\"log_history\": [{\"loss\": 1, \"step\": 1}, {\"eval_loss\": 2, \"step\": 1}, {\"loss\": 0.5, "
            "\"step\": 2}, "
            "{\"eval_loss\": 1, \"step\": 2}, {\"train_loss\": 0.75, \"step\": 2}]}",
     .check = "curve_gap(eval_loss)",
     .value = 0.5},
    {.name = "nested keys are sides, too",
     .log = "{\"train\": {\"loss\": 1}, \"val\": {\"loss\": 2}}\n{\"train\": {\"loss\": 0.5}, \"val\": "
            "{\"loss\": 1.5}}",
     .check = "curve_gap(val/loss)",
     .value = 1},
    {.name = "of XGBoost's sets the first is train where another is named",
     .log = SETS("validation_0", "validation_1"),
     .check = "curve_gap(validation_1/logloss)",
     .value = 0.1,
     .note = "held-out 'validation_1/logloss' at round 1, train 'validation_0/logloss' at round 1"},
    {.name = "the first of XGBoost's sets is held out where it is named, and its train set is asked for",
     .log = SETS("validation_0", "validation_1"),
     .check = "curve_gap(validation_0/logloss)",
     .reason =
         "no name says which series is the train one of 'validation_0/logloss', which is the held-out one "
         "since it is named; add it, as in curve_gap(validation_0/logloss, train=validation_1/logloss)"},
    {.name = "the train set of XGBoost's first set may be named",
     .log = SETS("validation_0", "validation_1"),
     .check = "curve_gap(validation_0/logloss, train=validation_1/logloss)",
     .value = -0.1},
    {.name = "a metric of two held-out sets does not say which is meant",
     .log = SETS("validation_0", "validation_1"),
     .check = "curve_gap(logloss)",
     .reason = "'logloss' has 2 held-out series by their names; name the one that is meant, as in "
               "curve_gap(validation_0/logloss)"},
    {.name = "a metric of one train and one held-out set says which is which",
     .log = SETS("learn", "validation"),
     .check = "curve_gap(logloss)",
     .value = 0.1},
    {.name = "a metric of two plain series does not say which is meant",
     .log = "epoch,loss,val_loss,test_loss\n0,3,4,5\n1,1,2,3\n",
     .check = "curve_gap(loss)",
     .reason = "'loss' has 2 held-out series by their names; name the one that is meant, as in "
               "curve_gap(val_loss)"},
    {.name = "a set that is called train goes before the first one",
     .log = "{\"validation_0\": {\"logloss\": [0.7, 0.5]}, \"learn\": {\"logloss\": [0.6, 0.3]}, "
            "\"validation_1\": {\"logloss\": [0.7, 0.4]}}",
     .check = "curve_gap(validation_0/logloss)",
     .value = 0.2},
    {.name = "a set that is called train is that, wherever it stands",
     .log = SETS("a", "training"),
     .check = "curve_gap(a/logloss)",
     .value = -0.1},
    {.name = "a series that is called train is not held out",
     .log = SETS("train", "eval"),
     .check = "curve_gap(train/logloss)",
     .reason = "'train/logloss' is of train rows by its name; curve_gap takes the held-out series, as in "
               "curve_gap(eval/logloss)"},
    {.name = "train_loss goes with eval_loss",
     .log = "epoch,eval_loss,train_loss\n0,3,2\n1,2,1.5\n",
     .check = "curve_gap(eval_loss)",
     .value = 0.5},
    {.name = "loss goes with val_loss within one object",
     .log =
         "{\"history\": {\"loss\": 1, \"val_loss\": 2}}\n{\"history\": {\"loss\": 0.5, \"val_loss\": 1.5}}",
     .check = "curve_gap(history/val_loss)",
     .value = 1},
    {.name = "of sets whose names say nothing the train one is asked for",
     .log = "{\"a\": {\"l1\": [2, 1]}, \"b\": {\"l1\": [3, 2]}}",
     .check = "curve_gap(b/l1)",
     .reason =
         "no name says which series is the train one of 'b/l1', which is the held-out one since it is named; "
         "add it, as in curve_gap(b/l1, train=a/l1)"},
    {.name = "of LightGBM's sets the train one is called so, and the first is none",
     .log = SETS("valid_0", "valid_1"),
     .check = "curve_gap(valid_1/logloss)",
     .reason =
         "no name says which series is the train one of 'valid_1/logloss', which is the held-out one since "
         "it is named; add it, as in curve_gap(valid_1/logloss, train=valid_0/logloss)"},
    {.name = "a log of boosting that has a held-out set alone says what to log",
     .log = "{\"validation_0\": {\"logloss\": [0.6, 0.4]}}",
     .check = "curve_gap(validation_0/logloss)",
     .reason = "no series of train rows goes with 'validation_0/logloss'; put the train set in eval_set too, "
               "before the held-out one"},
    {.name = "both series may be named",
     .log = "epoch,fit,held\n0,3,4\n1,1,2\n",
     .check = "curve_gap(held, train=fit, better=lower)",
     .value = 1},
    {.name = "a series without its other is told",
     .log = "epoch,loss\n0,3\n1,1\n",
     .check = "curve_gap(loss)",
     .reason = "no series of held-out rows goes with 'loss'; log it too, or name both: curve_gap(HELD_OUT, "
               "train=SERIES)"},
    {.name = "a held-out series without its other is told",
     .log = "epoch,val_loss\n0,3\n1,1\n",
     .check = "curve_gap(val_loss)",
     .reason =
         "no series of train rows goes with 'val_loss'; log the same of the train rows too, or name it by "
         "train=SERIES"},
    {.name = "a series is not its own train series",
     .log = OVERFITS,
     .check = "curve_gap(loss, train=loss)",
     .reason = "'loss' is compared with itself; train=SERIES names another"},
    {.name = "not-a-number of the train series is no gap",
     .log = "epoch,loss,val_loss\n0,nan,0.8\n1,0.5,0.75\n",
     .check = "curve_gap(loss)",
     .reason = "'loss' is not a number at epoch 0 (log:2): the training diverged"},

    /* ---- never a pass ---- */
    {.name = "not-a-number anywhere is no curve",
     .log = "epoch,loss\n0,0.5\n1,nan\n2,0.4\n",
     .check = "decline(loss)",
     .reason = "'loss' is not a number at epoch 1 (log:3): the training diverged"},
    {.name = "an infinite value is no curve",
     .log = "{\"loss\": [Infinity, 1]}",
     .check = "epochs_past_best(loss)",
     .reason = "'loss' is infinite at epoch 0 (log:1): the training diverged"},
    {.name = "one epoch is no curve",
     .log = "epoch,loss\n0,0.5\n",
     .check = "decline(loss)",
     .reason = "'loss' has one point (epoch 0); a curve has two or more"},
    {.name = "an end above the beginning passes no limit",
     .log = "{\"loss\": [1, 0.9, 1.2]}",
     .check = "decline(loss) <= 1",
     .value = 1.0 / 3,
     .no_pass = "'loss' ends higher than it began, at 1.2 after 1: it diverged, or overfitted from the start",
     .advice =
         "stop at epoch 1, or keep its weights (early stopping; restore_best_weights); if they are what is "
         "kept, judge curve_gap(loss, at=best)"},
    {.name = "a training that diverges from its first epoch on is not to be stopped there",
     .log = "{\"val_loss\": [0.55, 12, 401]}",
     .check = "epochs_past_best(val_loss) <= 5",
     .value = 2,
     .no_pass =
         "'val_loss' ends higher than it began, at 401 after 0.55: it diverged, or overfitted from the start",
     .advice =
         "look at the learning rate (lower, or warmed up), the gradients (clipped) and the data (scaled, "
         "rightly labelled): no epoch is better than the first, so that stopping earlier would not help"},
    {.name = "a score that ends below its beginning passes no limit",
     .log = "{\"auc\": [0.75, 0.5]}",
     .check = "epochs_past_best(auc) < 5",
     .value = 1,
     .no_pass =
         "'auc' ends lower than it began, at 0.5 after 0.75: it diverged, or overfitted from the start"},
    {.name = "a training that never gets better than its first epoch has a note",
     .log = "epoch,loss\n1,0.7\n2,0.7\n3,0.7\n",
     .check = "decline(loss) <= 0",
     .value = 0,
     .notes_in_all = 2},
    {.name = "an unknown series is told with the nearest",
     .log = OVERFITS,
     .check = "decline(val_los)",
     .reason = "no series 'val_los' in 'log'; did you mean 'val_loss'? known are 'loss', 'val_loss'"},
    {.name = "long lists of series are cut",
     .log = "a,b,c,d,e,f,g,h,i,j\n1,1,1,1,1,1,1,1,1,1\n",
     .check = "decline(accuracy)",
     .reason = "no series 'accuracy' in 'log'; known are 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h' and 2 more"},
    {.name = "a name that says no direction asks for it",
     .log = "{\"cosine_similarity\": [1, 2]}",
     .check = "decline(cosine_similarity)",
     .reason =
         "the name 'cosine_similarity' does not say whether lower or higher is better; add better=lower or "
         "better=higher"},
    {.name = "a name that says both asks for it",
     .log = "{\"f1_loss\": [1, 2]}",
     .check = "decline(f1_loss)",
     .reason = "the name 'f1_loss' does not say whether lower or higher is better; add better=lower or "
               "better=higher"},
    {.name = "the direction may be given",
     .log = "{\"cosine_similarity\": [1, 4, 2]}",
     .check = "decline(cosine_similarity, better=higher)",
     .value = 0.5},
    {.name = "a mistake of the series is told",
     .log = "epoch,loss\n0,1\n1,x\n",
     .check = "decline(loss)",
     .reason = "log:3: a value of 'loss' is no number, as others of it are"},
};

struct measured {
    struct mlg_arena arena;
    struct mlg_check check;
    struct mlg_call call;
    struct mlg_curves curves;
    struct mlg_evidence evidence;
    struct mlg_overfit_outcome outcome;
};

static void measure(struct measured *measured, const char *path, const char *log, size_t size,
                    const char *check)
{
    struct mlg_overfit_view view = {.curves = &measured->curves, .check = &measured->check};
    struct mlg_error error = {0};
    *measured = (struct measured){.arena = {0}};
    mlg_arena_init(&measured->arena, 0);
    view.held_out.scratch = &measured->arena;
    assert_int_equal(mlg_check_parse(check, strlen(check), &measured->arena, &measured->check, &error),
                     MLG_OK);
    assert_int_equal(mlg_overfit_resolve(&measured->check, &measured->arena, &measured->call, &error),
                     MLG_OK);
    assert_int_equal(mlg_overfit_kernel_of(&measured->call)->needs, MLG_NEEDS_CURVES);
    assert_int_equal(mlg_curves_parse(path, log, size, &measured->arena, &measured->curves, &error), MLG_OK);
    assert_int_equal(
        mlg_overfit_kernel_of(&measured->call)
            ->evaluate(&measured->call, NULL, &view, &measured->evidence, &measured->outcome, &error),
        MLG_OK);
}

static void is_measured(void **state)
{
    const struct row *row = *state;
    struct measured measured;
    measure(&measured, "log", row->log, strlen(row->log), row->check);
    const struct mlg_evidence *evidence = &measured.evidence;
    if (row->reason) {
        assert_string_equal(evidence->reason, row->reason);
        assert_int_equal(evidence->kind, MLG_UNDEFINED);
    } else {
        assert_string_equal(evidence->reason, "");
        assert_int_equal(evidence->kind, MLG_EXACT_VALUE);
        assert_true(fabs(evidence->value - row->value) < 1e-12);
        assert_true(evidence->n >= 2);
    }
    if (row->denominator) {
        assert_int_equal(evidence->denominator, row->denominator);
        assert_int_equal(evidence->numerator, row->numerator);
    }
    if (row->note)
        assert_string_equal(measured.outcome.notes[0], row->note);
    if (row->advice)
        assert_string_equal(measured.outcome.advice, row->advice);
    if (!row->reason)
        assert_string_equal(measured.outcome.no_pass ? measured.outcome.no_pass : "",
                            row->no_pass ? row->no_pass : "");
    if (row->notes_in_all)
        assert_int_equal(measured.outcome.note_count, row->notes_in_all);
    for (size_t i = 0; i < 2 && row->parts[i] > 0; i++)
        assert_true(fabs(measured.outcome.parts[i].value - row->parts[i]) < 1e-12);
    mlg_arena_free(&measured.arena);
}

static void a_resumed_training_has_a_note(void **state)
{
    static const char log[] = "epoch,loss\n0,5\n1,4\n2,1\n1,3\n2,3\n";
    struct measured measured;
    (void)state;
    measure(&measured, "log", log, sizeof log - 1, "decline(loss)");
    assert_int_equal(measured.outcome.note_count, 2);
    assert_string_equal(measured.outcome.notes[1],
                        "training was resumed at epoch 1 (line 5 of 'log'): what 'loss' had from "
                        "there on before does not count");
    mlg_arena_free(&measured.arena);
}

/* ---- names -------------------------------------------------------------------------------------------- */

static void names_say_what_is_better(void **state)
{
    static const char *const losses[] = {"loss",
                                         "val_loss",
                                         "eval_loss",
                                         "logloss",
                                         "mlogloss",
                                         "binary_logloss",
                                         "val_mae",
                                         "rmse",
                                         "error",
                                         "merror",
                                         "mean_squared_error",
                                         "root_mean_squared_error",
                                         "binary_error",
                                         "sparse_categorical_crossentropy",
                                         "perplexity",
                                         "wer",
                                         "l2",
                                         "error@0.7",
                                         "Val-MAPE",
                                         "trainLoss"};
    static const char *const scores[] = {"accuracy",        "val_accuracy",  "acc",
                                         "eval_f1",         "AUC",           "auc_1",
                                         "aucpr",           "val/precision", "recall",
                                         "ndcg@5",          "map@3",         "r2_score",
                                         "binary_accuracy", "rougeL",        "mean_average_precision"};
    (void)state;
    for (size_t i = 0; i < sizeof losses / sizeof *losses + sizeof scores / sizeof *scores; i++) {
        const bool is_loss = i < sizeof losses / sizeof *losses;
        const char *name = is_loss ? losses[i] : scores[i - sizeof losses / sizeof *losses];
        char log[128], check[128];
        struct measured measured;
        snprintf(log, sizeof log, "{\"%s\": [1, 4, 2, 3]}", name);
        snprintf(check, sizeof check, "decline('%s')", name);
        measure(&measured, "log", log, strlen(log), check);
        if (measured.evidence.kind != MLG_EXACT_VALUE ||
            fabs(measured.evidence.value - (is_loss ? 2 : 0.25)) > 1e-12)
            fail_msg("'%s': %g %s", name, measured.evidence.value, measured.evidence.reason);
        mlg_arena_free(&measured.arena);
    }
}

/* ---- the logs of tests/oracles/curves ---------------------------------------------------------------- */

struct expected {
    char name[160], log[64], check[80];
    double value;
};

static void agrees_with_plain_python(void **state)
{
    const struct expected *row = *state;
    struct world_memory world;
    struct measured measured;
    char path[128];
    size_t size;
    world_memory_init(&world);
    snprintf(path, sizeof path, "tests/oracles/curves/%s", row->log);
    assert_true(world_memory_load(&world, "log", path));
    const char *log = world_memory_get(&world, "log", &size);
    measure(&measured, row->log, log, size, row->check);
    assert_string_equal(measured.evidence.reason, "");
    assert_true(fabs(measured.evidence.value - row->value) <= 1e-12 * fmax(1, fabs(row->value)));
    mlg_arena_free(&measured.arena);
    world_memory_free(&world);
}

static size_t read_expected(struct expected *expected, size_t most)
{
    struct world_memory world;
    size_t count = 0;
    world_memory_init(&world);
    if (world_memory_load(&world, "expected", "tests/oracles/curves/expected.csv"))
        for (const char *line = world_memory_get(&world, "expected", NULL); line && *line && count < most;
             line = strchr(line, '\n') + 1) {
            struct expected *row = &expected[count++];
            if (sscanf(line, "%63[^,],%78[^)]),%lf", row->log, row->check, &row->value) != 3)
                count = most + 1;
            strcat(row->check, ")");
            snprintf(row->name, sizeof row->name, "%s: %s", row->log, row->check);
        }
    world_memory_free(&world);
    return count;
}

int main(void)
{
    enum { FIXED = 2, EXPECTED = 100 };
    static struct expected expected[EXPECTED];
    static struct CMUnitTest tests[FIXED + COUNT(rows) + EXPECTED] = {
        cmocka_unit_test(a_resumed_training_has_a_note),
        cmocka_unit_test(names_say_what_is_better),
    };
    const size_t expected_count = read_expected(expected, EXPECTED);
    size_t count = FIXED;
    if (expected_count == 0 || expected_count > EXPECTED) {
        fprintf(stderr, "tests/oracles/curves/expected.csv cannot be read\n");
        return 1;
    }
    NAMED_ROWS(tests, count, rows, is_measured);
    NAMED_ROWS_READ(tests, count, expected, expected_count, agrees_with_plain_python);
    return _cmocka_run_group_tests("overfit_curves", tests, count, NULL, NULL);
}
