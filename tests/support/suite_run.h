/* suite_run: one mlgate.yaml judged through the library, all the way, on tables that lie in memory. */
#ifndef SUITE_RUN_H
#define SUITE_RUN_H

#include <stdbool.h>

#include "mlgate/results.h"
#include "world_memory.h"

struct suite_run {
    struct mlg_arena arena;
    struct world_memory world; /* the tables are put here */
    struct mlg_results results;
    unsigned threads; /* 1 */
};

void suite_run_begin(struct suite_run *run);
/* Fails the test where the config has a mistake. */
void suite_run_judge(struct suite_run *run, const char *yaml);
/* The check (or reported quantity) whose id ends in `name`; NULL: there is none. */
const struct mlg_check_result *suite_run_find(const struct suite_run *run, const char *name);
/* results.json but for what it says of the files that were read; the caller's to free. */
char *suite_run_text(struct suite_run *run);
void suite_run_end(struct suite_run *run);

#endif
