/* config: what the files of this room share and nobody else sees. */
#ifndef MLGATE_CONFIG_CONFIG_H
#define MLGATE_CONFIG_CONFIG_H

#include "mlgate/suite.h"

struct mlg_gate;

/* The rows of MLG_SETTINGS start here in the tables that contain them. */
enum { MLG_GATE_ROW_GATE, MLG_GATE_ROW_NAME, MLG_GATE_ROW_DATA, MLG_GATE_SETTINGS_ROW = 5 };
enum { MLG_SUITE_ROW_VERSION, MLG_SUITE_SETTINGS_ROW = 1, MLG_SUITE_SETTINGS_COUNT = 3 };

/* A mistake at byte `offset` of a scalar's text, `width` bytes wide. Where the source spells the text in
 * another way (escapes, several lines) the whole scalar is shown instead; for a flag or the environment
 * the text is quoted in the sentence. */
void mlg_diagnose_within(struct mlg_diagnostics *list, enum mlg_severity severity,
                         const struct mlg_node *node, size_t offset, unsigned width, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* Came the node from a flag or from the environment, where lists are written as one text? */
bool mlg_node_is_outside(const struct mlg_node *node);
/* What was seen where something else is wanted: "text", "empty list", "empty value". */
const char *mlg_node_seen(const struct mlg_node *node);
/* The next piece of "a, b" (of any of the `separators`, none of them within quotes or parentheses), outer
 * spaces removed and empty ones left out, as a node of its own. NULL at the end or without memory. */
const struct mlg_node *mlg_node_next_piece(const struct mlg_node *node, const char **rest,
                                           const char *separators, struct mlg_arena *arena);

/* Tells the keys of a map that stand in none of the NULL-terminated `tables` nor in `also`: with the place
 * where such a key belongs, the nearest known one, or all that are known. */
bool mlg_keys_known(const struct mlg_node *map, const struct mlg_param *const *tables,
                    const char *const *also, const char *what, struct mlg_arena *arena,
                    struct mlg_diagnostics *list);
/* mlg_params_read, with the keys that `rows` does not have left to others. */
bool mlg_rows_read(const struct mlg_param *rows, void *object, struct mlg_origin *origins,
                   const struct mlg_node *map, const char *what, struct mlg_arena *arena,
                   struct mlg_diagnostics *list);
/* Is the row's value its kind's "not given"? */
bool mlg_value_is_unset(const struct mlg_param *row, const void *object);

/* Settings that were not given are those of the level above, with their origins; the first `count`. */
void mlg_settings_inherit(struct mlg_settings *settings, struct mlg_origin *origins,
                          const struct mlg_settings *above, const struct mlg_origin *above_origins,
                          size_t count);

/* Names of several things, for sentences: "train, test". Arena text. */
const char *mlg_join(const char *const *names, size_t count, struct mlg_arena *arena);
/* Tells each sentence about a place once: a value behind an alias is read several times. */
void mlg_diagnostics_settle(struct mlg_diagnostics *list);

/* The value of a row among the flags; a flag given several times is a list of its values, or a mistake
 * where the row takes one. NULL where not given. */
const struct mlg_node *mlg_flag_node(const struct mlg_param *row, const struct mlg_flag *flags,
                                     size_t flag_count, struct mlg_arena *arena,
                                     struct mlg_diagnostics *list);
/* Sets the rows of a suite that the environment and the flags may set. */
void mlg_suite_read_outside(struct mlg_suite *suite, const struct mlg_world *world,
                            const struct mlg_flag *flags, size_t flag_count, struct mlg_arena *arena,
                            struct mlg_diagnostics *list);

/* The checks of a node that can be read; false when there are others, which are told. */
bool mlg_checks_read(struct mlg_checks *checks, const struct mlg_node *node, struct mlg_arena *arena,
                     struct mlg_diagnostics *list);

/* The parts of a suite, from YAML and from flags alike. False when something was told. */
struct mlg_suite *mlg_suite_new(struct mlg_arena *arena);
bool mlg_data_read(struct mlg_data *data, const struct mlg_node *map, const char *what,
                   struct mlg_arena *arena, struct mlg_diagnostics *list);
/* `gate` NULL: it is unknown, and so are its own keys; the common ones are judged all the same. True when the
 * gate itself can judge what could be read; what could not is at its default (mlg_gate_key_is_lost). */
bool mlg_gate_config_read(struct mlg_gate_config *config, const struct mlg_gate *gate,
                          const struct mlg_node *map, const struct mlg_suite *suite, const char *what,
                          struct mlg_arena *arena, struct mlg_diagnostics *list);
/* May a gate without checks have some that a mistake hides: behind the point where the reading ended, under
 * a name that is misspelt, or made by an option that could not be read? */
bool mlg_gate_may_have_checks(const struct mlg_gate_config *config);

#endif
