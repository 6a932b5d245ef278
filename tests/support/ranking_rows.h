/* ranking_rows: the numbers of tests/oracles/ranking.py as tests, one per row. */
#ifndef RANKING_ROWS_H
#define RANKING_ROWS_H

#include <stddef.h>

enum { RANKING_TEXT = 64 };

struct ranking_row {
    char table[RANKING_TEXT], roles[RANKING_TEXT], check[RANKING_TEXT];
    double value, standard_error;
    int has_error;
    char name[4 * RANKING_TEXT];
};

/* Reads the rows whose quantity (or the one within delta) is among `metrics`, NULL-terminated; returns how
 * many, at most `most`. Ends the test program with a message where the file cannot be read. */
size_t ranking_rows_read(const char *const *metrics, struct ranking_row *rows, size_t most);
/* A cmocka test: the state is the row. */
void ranking_row_test(void **state);
/* The largest relative deviation from scikit-learn's values so far, and of which check. */
double ranking_largest_deviation(const char **check);

#endif
