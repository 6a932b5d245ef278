/* named_rows: a cmocka test per row of a table, named by the row. */
#ifndef NAMED_ROWS_H
#define NAMED_ROWS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define COUNT(array) (sizeof array / sizeof *array)

/* Puts a test per row of the array `rows` behind the `count` that `tests` has, and counts them. The first
 * member of a row is its name; the state of the test is the row. */
#define NAMED_ROWS(tests, count, rows, test)                                                                 \
    (count) = named_rows_add(tests, count, rows, COUNT(rows), sizeof *(rows), test)

/* The same of `rows_count` rows that were read from a file: their names are arrays of char, the member
 * `name`. */
#define NAMED_ROWS_READ(tests, count, rows, rows_count, test)                                                \
    (count) = named_rows_add_read(tests, count, rows, rows_count, sizeof *(rows), (rows)->name, test)

size_t named_rows_add(struct CMUnitTest *tests, size_t count, const void *rows, size_t rows_count,
                      size_t row_size, CMUnitTestFunction test);

size_t named_rows_add_read(struct CMUnitTest *tests, size_t count, void *rows, size_t rows_count,
                           size_t row_size, const char *first_name, CMUnitTestFunction test);

#endif
