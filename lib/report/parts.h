/* parts: what several reports say in the same words. Private to lib/report.
 *
 * Always true: nothing here depends on the locale; a number that is shown rounded stays on its side of
 * the limit; texts come out raw, so that each report escapes a whole line once, for its own language.
 */
#ifndef MLGATE_REPORT_PARTS_H
#define MLGATE_REPORT_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "mlgate/arena.h"
#include "mlgate/results.h"
#include "mlgate/text.h"

#define MLG_RESULTS_SCHEMA "mlgate-results/1"

/* Does this check, with this verdict and under its policy, keep the suite from passing? Of `blocks` only
 * what the policy may decide is read: whether an inconclusive one blocks. */
bool mlg_check_blocks(const struct mlg_check_result *check);
/* An error of the gate that none of its blocking checks tells. */
bool mlg_gate_has_own_error(const struct mlg_gate_result *gate);

/* "f1(average=macro)"; positional arguments stand alone. */
void mlg_put_quantity(struct mlg_builder *out, const struct mlg_check_result *check);
/* The check as written; "by sex" behind `separator` where it runs on an attribute that it does not name. */
void mlg_put_check(struct mlg_builder *out, const struct mlg_check_result *check, const char *separator);
/* "all rows", "sex=Male, race=(missing)", "age < 25". */
void mlg_put_slice(struct mlg_builder *out, const struct mlg_check_result *check);
/* The value of a slice that is made by a comparison reads "< 25": how many bytes its comparator has; 0 for
 * any other value. */
size_t mlg_comparison_marks(const char *value);
/* The key of an argument in results.json: its name, or its position from 1 on. */
const char *mlg_argument_key(const struct mlg_pair *argument, size_t position, char buffer[24]);

/* "MLGATE_DECIDE=point, --confidence=0.99" */
void mlg_put_outside(struct mlg_builder *out, const struct mlg_results *results);

/* Known, and a number: NaN and infinities are shown as nothing, like null in results.json. */
bool mlg_is_known(struct mlg_optional number);
/* Decimals with which the value and the bounds of a check are shown: three, or as many more as keep each
 * number on its own side of the limit and the value away from zero. Below zero: so many digits that count
 * instead (-3: 2.22e-16), as few as do the same; -17: all there are. */
int mlg_shown_decimals(const struct mlg_check_result *check);
void mlg_put_shown(struct mlg_builder *out, double value, int decimals);
/* The value alone ("0.157", or "2,613" for an exact count), and its bounds ("[0.148, 0.166]"); nothing
 * where they are not known or, for the bounds, where there is no sampling error. */
void mlg_put_value(struct mlg_builder *out, const struct mlg_check_result *check);
void mlg_put_bounds(struct mlg_builder *out, const struct mlg_check_result *check);
/* 95, 99.9: a confidence in per cent. */
void mlg_put_percent(struct mlg_builder *out, double confidence);
/* "about 9,000": rounded up to two digits. */
void mlg_put_about(struct mlg_builder *out, double rows);

/* ---- groups ---- */

/* "train 0.850, held-out 0.650": what the value is made of. */
void mlg_put_parts(struct mlg_builder *out, const struct mlg_check_result *check);
/* "line 12, as line 88 of train; ... and 34 more": `most` of them. */
void mlg_put_offenders(struct mlg_builder *out, const struct mlg_check_result *check, size_t most);
/* "sex=Male, race=Black": as the sentences of the gate name it. */
void mlg_put_group(struct mlg_builder *out, const struct mlg_group_result *group);
/* Decimals that the groups of one table have in common, so that columns line up: of values with their bounds,
 * and of disparities. A number that would ask for very many has its own. */
struct mlg_group_decimals {
    int value, disparity;
};
struct mlg_group_decimals mlg_group_decimals(const struct mlg_check_result *check, const size_t *chosen,
                                             size_t count);
/* What is told of a group, part by part, each nothing where it is not known: "466", "0.460",
 * "[0.427, 0.492]", "291 of 633", and against the best group or another. */
void mlg_put_group_positives(struct mlg_builder *out, const struct mlg_group_result *group);
void mlg_put_group_value(struct mlg_builder *out, const struct mlg_check_result *check,
                         const struct mlg_group_result *group, struct mlg_group_decimals decimals);
void mlg_put_group_bounds(struct mlg_builder *out, const struct mlg_check_result *check,
                          const struct mlg_group_result *group, struct mlg_group_decimals decimals);
void mlg_put_group_share(struct mlg_builder *out, const struct mlg_group_result *group);
void mlg_put_group_disparity(struct mlg_builder *out, const struct mlg_check_result *check,
                             const struct mlg_group_result *group, struct mlg_group_decimals decimals);
/* All of it: "tpr 0.517 [0.479, 0.555] (241 of 466), against best 0.193; 633 rows, 466 positives". */
void mlg_put_group_line(struct mlg_builder *out, const struct mlg_check_result *check,
                        const struct mlg_group_result *group, struct mlg_group_decimals decimals);
/* The check as if its other groups were its groups, for their table. */
struct mlg_check_result mlg_other_table(const struct mlg_check_result *check);
/* Which groups a table of at most `most` rows shows, in their order: the first ones, and of those that count
 * the best one. Returns how many; `chosen` has room for `most`, which is 2 at least. */
size_t mlg_choose_groups(const struct mlg_check_result *check, size_t most, size_t *chosen);

/* Why the verdict is what it is, in a few words: the reason, rows needed, the waiver. Nothing for a
 * plain pass. */
void mlg_put_why(struct mlg_builder *out, const struct mlg_check_result *check);
/* "waived until 2030-01-31 by ml-platform: the reason". */
void mlg_put_waiver(struct mlg_builder *out, const struct mlg_check_result *check);
/* What of it the evidence says, whatever a waiver says: `verdict` is the one without. */
void mlg_put_evidence_reason(struct mlg_builder *out, const struct mlg_check_result *check,
                             enum mlg_verdict verdict);

/* ---- what the console and the Markdown say alike (conclusion.c) ---- */

/* "brier <= 0.145, all rows: 0.157 [0.148, 0.166]; the whole interval is above the limit"; of a waived check
 * what it would say without the waiver. */
void mlg_put_evidence(struct mlg_builder *out, const struct mlg_check_result *check);
/* Into an empty builder: why, and all that bears on it: "the whole interval is above the limit; at 99 %;
 * train 0.850, held-out 0.650; 431 rows". What the gate's own error has said is not said again. */
void mlg_put_reason(struct mlg_builder *out, const struct mlg_gate_result *gate,
                    const struct mlg_check_result *check, bool is_reported, double usual_confidence);
/* What most checks have; 0: none has bounds. */
double mlg_usual_confidence(const struct mlg_results *results);
/* "blocked: 2 failed, 1 inconclusive, 1 passed, all 4 judged" */
void mlg_put_conclusion(struct mlg_builder *out, const struct mlg_results *results);
/* "(one-sided 95 % bounds; exit 1)" */
void mlg_put_conclusion_bounds(struct mlg_builder *out, const struct mlg_results *results);

/* The builder's text, moved into the arena; NULL when either has failed. */
const char *mlg_take(struct mlg_builder *builder, struct mlg_arena *arena);

/* A map from text to a number, for reports that must find equals among many. */
struct mlg_index_slot {
    const char *key;
    size_t value;
};
struct mlg_index {
    struct mlg_index_slot *slots;
    size_t capacity; /* a power of two */
    size_t count;
};
/* Room for `count` keys. False: no memory. */
bool mlg_index_init(struct mlg_index *index, size_t count, struct mlg_arena *arena);
/* The slot of `key`, made with value `fresh` where there was none (`*made` says which). The key is not
 * copied. NULL: more keys than there is room for. */
struct mlg_index_slot *mlg_index_get(struct mlg_index *index, const char *key, size_t fresh, bool *made);

#endif
