/* Any bytes as a check: no mistake of ours, and what is printed reads back to the same print. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mlg_arena arena;
    struct mlg_builder first, second;
    struct mlg_check check, again;
    struct mlg_error error = {0};

    mlg_arena_init(&arena, 1 << 20);
    mlg_builder_init(&first, 0);
    mlg_builder_init(&second, 0);
    if (mlg_check_parse((const char *)data, size, &arena, &check, &error)) {
        demand(error.text[0] != '\0' && error.place.column >= 1 && error.place.column <= size + 1);
    } else if (mlg_check_print(&check, &first), first.size <= MLG_CHECK_SIZE) {
        /* (A check near the limit may print longer than it was written: "a,b" is "a, b".) */
        demand(!mlg_check_parse(first.data, first.size, &arena, &again, &error));
        mlg_check_print(&again, &second);
        demand(strcmp(first.data, second.data) == 0);
        demand(check.comparator == again.comparator && check.argument_count == again.argument_count);
        demand(strcmp(check.name, again.name) == 0);
        for (size_t i = 0; i < check.argument_count; i++)
            demand(strcmp(check.arguments[i].value, again.arguments[i].value) == 0);
        if (check.comparator != MLG_NO_COMPARATOR)
            demand(!(check.limit.value < again.limit.value) && !(check.limit.value > again.limit.value));
    }
    mlg_builder_free(&first);
    mlg_builder_free(&second);
    mlg_arena_free(&arena);
    return 0;
}
