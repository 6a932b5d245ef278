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

size_t named_rows_add_read(struct CMUnitTest *tests, size_t count, void *rows, size_t rows_count,
                           size_t row_size, const char *first_name, CMUnitTestFunction test)
{
    char *row = rows;
    const size_t to_name = (size_t)(first_name - row);
    for (size_t i = 0; i < rows_count; i++, row += row_size)
        tests[count++] = (struct CMUnitTest){.name = row + to_name, .test_func = test, .initial_state = row};
    return count;
}
