/* results_fixture: finished suites made by hand, for the tests of the reports.
 *
 * Always true: a fixture owns all that its results point to; fixture_init before anything else.
 */
#ifndef MLGATE_TEST_RESULTS_FIXTURE_H
#define MLGATE_TEST_RESULTS_FIXTURE_H

#include "mlgate/results.h"

struct fixture {
    struct mlg_arena arena;
    struct mlg_results results;
    size_t gate_capacity;
};

void fixture_init(struct fixture *fixture);
void fixture_free(struct fixture *fixture);

/* An empty gate, then checks in it. The pointers stay valid until the next one of the same kind is added. */
struct mlg_gate_result *fixture_gate(struct fixture *fixture, const char *name, const char *title);
/* A check on all rows that is enforced and blocks where its verdict can. Value and bounds NAN: not known. */
struct mlg_check_result *fixture_check(struct fixture *fixture, struct mlg_gate_result *gate,
                                       const char *check, enum mlg_verdict verdict, double estimate,
                                       double lower, double upper);
struct mlg_check_result *fixture_reported(struct fixture *fixture, struct mlg_gate_result *gate,
                                          const char *quantity, double estimate);
void fixture_slice(struct fixture *fixture, struct mlg_check_result *check, const char *key,
                   const char *value);
void fixture_argument(struct fixture *fixture, struct mlg_check_result *check, const char *key,
                      const char *value);
/* A group of the check's table: `count` of `of` is its value; NAN: it has none. The pointer stays valid until
 * the next one of the same check is added. */
struct mlg_group_result *fixture_group(struct fixture *fixture, struct mlg_check_result *check,
                                       const char *key, const char *value, double count, double of);
void fixture_note(struct fixture *fixture, struct mlg_check_result *check, const char *note);
void fixture_warning(struct fixture *fixture, const char *warning);
void fixture_error(struct fixture *fixture, const char *error);

/* The suite of the design's example: two failures, one inconclusive, one pass. */
void fixture_example(struct fixture *fixture);
/* Every member of the results filled, every verdict once, slices, groups, notes, a waiver, an error. */
void fixture_everything(struct fixture *fixture);
/* Checks on groups: with few and with many, with a group that is left out, without shares, undefined. */
void fixture_groups(struct fixture *fixture);
/* Every text an attack: control characters, escape sequences, marks of XML and JSON, runner commands. */
void fixture_hostile(struct fixture *fixture);

/* Compares with tests/unit/data/report/<name>. With MLGATE_UPDATE=1 in the environment it writes the file
 * instead, to be read and committed. */
#define fixture_assert_golden(name, text)                                                                    \
    fixture_assert_file(MLG_SOURCE_DIR "/tests/unit/data/report", name, text)
void fixture_assert_file(const char *directory, const char *name, const struct mlg_builder *text);
/* Fails with the whole text when `part` is not (or, for _lacks, is) in it. */
void fixture_assert_has(const struct mlg_builder *text, const char *part);
void fixture_assert_lacks(const struct mlg_builder *text, const char *part);

#endif
