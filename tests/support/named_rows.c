#include "named_rows.h"

#include <string.h>

size_t named_rows_add(struct CMUnitTest *tests, size_t count, const void *rows, size_t rows_count,
                      size_t row_size, CMUnitTestFunction test)
{
    for (size_t i = 0; i < rows_count; i++) {
        const char *row = (const char *)rows + i * row_size, *name;
        memcpy(&name, row, sizeof name);
        tests[count++] =
            (struct CMUnitTest){.name = name, .test_func = test, .initial_state = (void *)(uintptr_t)row};
    }
    return count;
}
