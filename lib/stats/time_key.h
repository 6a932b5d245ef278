/* time_key: times as they are written, in an order. Private to lib/stats.
 *
 * Always true: of one kind, keys compare as the times do, exactly: to 19 decimals of a second or of a number.
 */
#ifndef MLGATE_STATS_TIME_KEY_H
#define MLGATE_STATS_TIME_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "mlgate/table.h"

enum mlg_time_kind {
    MLG_TIME_NUMBER, /* years, seconds, milliseconds: what it counts is all the same */
    MLG_TIME_LOCAL,  /* a date or a date-time without a zone; a date is its first moment */
    MLG_TIME_ZONED,  /* a date-time with Z or an offset */
    MLG_TIME_KINDS
};

struct mlg_time_key {
    int64_t whole;     /* seconds since 1970, or the number's whole part, rounded down */
    uint64_t fraction; /* in 10^-19 */
};

/* ISO 8601 dates and date-times (2024-05-01, 2024-05, 2024-05-01T10:00, 2024-05-01 10:00:00.5+02:00) and
 * numbers below 2^63. False: it is none of them. */
bool mlg_time_parse(struct mlg_text cell, char decimal, struct mlg_time_key *key, enum mlg_time_kind *kind);
/* The same, and the last moment of what the cell says: of a date without a time of day that of its day, of a
 * month that of the month; else the moment itself. */
bool mlg_time_parse_last(struct mlg_text cell, char decimal, struct mlg_time_key *key,
                         enum mlg_time_kind *kind);
int mlg_time_compare(struct mlg_time_key a, struct mlg_time_key b);

#endif
