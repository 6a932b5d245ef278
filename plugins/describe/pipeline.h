/* pipeline: what a step of a pipeline may be given, whatever the pipeline's language. Private to describe.
 *
 * Always true: an input that stands for a row of the suite, of data or of a gate has no default of its own
 * and travels to the executable in a variable, never in the text of a script: empty means not given, and
 * what holds then is for mlgate.yaml and the built-in values to say.
 */
#ifndef MLGATE_PLUGINS_PIPELINE_H
#define MLGATE_PLUGINS_PIPELINE_H

#include "../plugins.h"

struct mlg_pipeline_input {
    const char *name;     /* "min-rows" */
    const char *variable; /* "MLGATE_MIN_ROWS" */
    const struct mlg_param *row;
    const void *defaults; /* may be NULL */
    bool required;
};

struct mlg_pipeline_inputs {
    struct mlg_pipeline_input *items;
    size_t count;
};

/* Every row that the environment may set: of the suite's run where `gate` is NULL, else of the gate's
 * executable. False: no memory. */
bool mlg_pipeline_inputs(const struct mlg_gate *gate, struct mlg_pipeline_inputs *inputs,
                         struct mlg_arena *arena);
/* "mlgate run", "mlgate-accuracy": what a step calls. */
const char *mlg_pipeline_command(const struct mlg_gate *gate, struct mlg_arena *arena);
/* "accuracy", or "suite". */
const char *mlg_pipeline_word(const struct mlg_gate *gate);
/* "What a missing value is: error or drop (default: error)." As one line, raw. */
void mlg_put_input_help(struct mlg_builder *out, const struct mlg_pipeline_input *input);
/* The name of the row with dashes; "data" for the path of the data. NULL: no memory. */
const char *mlg_input_name(const struct mlg_param *row, struct mlg_arena *arena);

void mlg_put_action(struct mlg_builder *out, const struct mlg_gate *gate, struct mlg_arena *arena);
void mlg_put_setup_action(struct mlg_builder *out, struct mlg_arena *arena);
void mlg_put_component(struct mlg_builder *out, const struct mlg_gate *gate, struct mlg_arena *arena);
/* Tables of the inputs of all actions and components, as Markdown. */
void mlg_put_pipeline_inputs(struct mlg_builder *out, struct mlg_arena *arena);

/* manual.c: pages of man(1), as roff. */
void mlg_put_suite_manual(struct mlg_builder *out);
void mlg_put_gate_manual(struct mlg_builder *out, const struct mlg_gate *gate, struct mlg_arena *arena);
void mlg_put_file_manual(struct mlg_builder *out, struct mlg_arena *arena);
/* completion.c: of all executables at once; `shell` is one of mlg_shells, which ends with NULL. */
extern const char *const mlg_shells[];
void mlg_put_completion(struct mlg_builder *out, const char *shell, struct mlg_arena *arena);

#endif
