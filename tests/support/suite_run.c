#include "suite_run.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mlgate/gate.h"
#include "mlgate/run.h"

void suite_run_begin(struct suite_run *run)
{
    *run = (struct suite_run){.threads = 1};
    mlg_arena_init(&run->arena, 0);
    world_memory_init(&run->world);
}

static void refuse_mistakes(const struct mlg_diagnostics *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].severity == MLG_ERROR)
            fail_msg("%s", list->items[i].text);
}

void suite_run_judge(struct suite_run *run, const char *yaml)
{
    struct mlg_diagnostics list;
    struct mlg_error error = {0};
    mlg_diagnostics_init(&list, &run->arena);
    const struct mlg_node *root = mlg_yaml_parse("mlgate.yaml", yaml, strlen(yaml), &run->arena, &list);
    const struct mlg_suite *suite =
        root ? mlg_suite_load(root, "mlgate.yaml", mlg_gates, NULL, NULL, 0, &run->arena, &list) : NULL;
    refuse_mistakes(&list);
    assert_non_null(suite);
    if (mlg_suite_run(suite, &run->world.world, NULL, 0, run->threads, &run->arena, &run->results, &error) !=
        MLG_OK)
        fail_msg("%s", error.text);
}

static const struct mlg_check_result *find(const struct mlg_check_result *checks, size_t count,
                                           const char *name)
{
    const size_t size = strlen(name);
    for (size_t i = 0; i < count; i++) {
        const size_t length = strlen(checks[i].id);
        if (length >= size && strcmp(checks[i].id + length - size, name) == 0)
            return &checks[i];
    }
    return NULL;
}

const struct mlg_check_result *suite_run_find(const struct suite_run *run, const char *name)
{
    const struct mlg_check_result *found = NULL;
    for (size_t g = 0; g < run->results.gate_count && !found; g++) {
        const struct mlg_gate_result *gate = &run->results.gates[g];
        found = find(gate->checks, gate->check_count, name);
        if (!found)
            found = find(gate->reported, gate->reported_count, name);
    }
    return found;
}

char *suite_run_text(struct suite_run *run)
{
    struct mlg_results results = run->results;
    struct mlg_builder text;
    results.input_count = 0;
    mlg_builder_init(&text, 0);
    mlg_results_write(&results, &text);
    assert_false(text.failed);
    return text.data;
}

void suite_run_end(struct suite_run *run)
{
    world_memory_free(&run->world);
    mlg_arena_free(&run->arena);
}
