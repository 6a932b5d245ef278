/* grouped_rows: small tables for tests of groups, written as counts. */
#ifndef GROUPED_ROWS_H
#define GROUPED_ROWS_H

/* "GROUP LABEL PREDICTION ROWS [SCORE [WEIGHT [STRATUM]]]", separated by commas, becomes a CSV text with the
 * columns g, y, p, s, w and k. Without a score it is 0.25 or 0.75 by the prediction. The caller's to free. */
char *grouped_rows(const char *cells);

#endif
