/* expected_rows: the numbers of tests/oracles/order_queries.py, as named cmocka tests. */
#ifndef EXPECTED_ROWS_H
#define EXPECTED_ROWS_H

#include <stdbool.h>
#include <stddef.h>

struct expected_row {
    const char *directory; /* tests/oracles */
    char data[32], roles[32], check[64];
    double value, standard_error, lower, upper; /* NaN: none is expected */
    char name[160];
};

/* The rows on the table "queries", or those on the others. Ends the test program with a message where the
 * file cannot be read or holds none. The memory is the caller's to free. */
size_t expected_rows_read(const char *directory, bool queries, struct expected_row **rows);
/* A cmocka test: the state is the row. */
void expected_rows_test(void **state);

#endif
