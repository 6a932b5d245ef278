/* time_key.c: digits to seconds, without a calendar's library. */
#include "time_key.h"

#include <string.h>

enum { FRACTION_DIGITS = 19 };

int mlg_time_compare(struct mlg_time_key a, struct mlg_time_key b)
{
    if (a.whole != b.whole)
        return a.whole < b.whole ? -1 : 1;
    return (a.fraction > b.fraction) - (a.fraction < b.fraction);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The opposite of whole + fraction, rounded down again. */
static struct mlg_time_key negate(struct mlg_time_key key)
{
    const uint64_t one = UINT64_C(10000000000000000000);
    if (key.fraction == 0)
        return (struct mlg_time_key){-key.whole, 0};
    return (struct mlg_time_key){-key.whole - 1, one - key.fraction};
}

/* ---- numbers ------------------------------------------------------------------------------------- */

/* An exponent at `at`, to the end. Capped far beyond what is told apart. */
static bool read_exponent(struct mlg_text cell, size_t at, int64_t *exponent)
{
    const int64_t lid = 1000000;
    bool down = false;
    if (at < cell.size && (cell.bytes[at] == '-' || cell.bytes[at] == '+'))
        down = cell.bytes[at++] == '-';
    if (at == cell.size)
        return false;
    int64_t value = 0;
    for (; at < cell.size; at++) {
        if (!is_digit(cell.bytes[at]))
            return false;
        if (value < lid)
            value = value * 10 + (cell.bytes[at] - '0');
    }
    *exponent = down ? -value : value;
    return true;
}

static bool parse_number(struct mlg_text cell, char decimal, struct mlg_time_key *key)
{
    size_t i = cell.bytes[0] == '-' || cell.bytes[0] == '+', digits = 0;
    const size_t first = i;
    int64_t before = 0, exponent = 0; /* digits before the mark */
    bool point = false;
    for (; i < cell.size; i++) {
        if (is_digit(cell.bytes[i])) {
            digits++;
            before += !point;
        } else if (cell.bytes[i] == decimal && !point) {
            point = true;
        } else {
            break;
        }
    }
    const size_t end = i;
    if (digits == 0 ||
        (i < cell.size && ((cell.bytes[i] | 0x20) != 'e' || !read_exponent(cell, i + 1, &exponent))))
        return false;
    uint64_t whole = 0, fraction = 0;
    int64_t place = 0, point_at = before + exponent; /* digits below it are whole */
    for (size_t k = first; k < end; k++) {
        if (!is_digit(cell.bytes[k]))
            continue;
        const uint64_t digit = (uint64_t)(cell.bytes[k] - '0');
        if (place < point_at) {
            if (whole > (INT64_MAX - digit) / 10)
                return false;
            whole = whole * 10 + digit;
        } else if (place - point_at < FRACTION_DIGITS) {
            fraction = fraction * 10 + digit;
        }
        place++;
    }
    for (; place < point_at && whole > 0; place++) {
        if (whole > INT64_MAX / 10)
            return false;
        whole *= 10;
    }
    int64_t decimals = place > point_at ? place - point_at : 0;
    for (; decimals < FRACTION_DIGITS && fraction > 0; decimals++)
        fraction *= 10;
    *key = (struct mlg_time_key){(int64_t)whole, fraction};
    if (cell.bytes[0] == '-')
        *key = negate(*key);
    return true;
}

/* ---- dates --------------------------------------------------------------------------------------- */

struct reading {
    const char *at, *end;
};

/* Exactly `count` digits. */
static bool read_digits(struct reading *reading, int count, int *value)
{
    *value = 0;
    for (int i = 0; i < count; i++, reading->at++) {
        if (reading->at == reading->end || !is_digit(*reading->at))
            return false;
        *value = *value * 10 + (*reading->at - '0');
    }
    return true;
}

static bool read_mark(struct reading *reading, const char *marks)
{
    if (reading->at == reading->end || !*reading->at || !strchr(marks, *reading->at))
        return false;
    reading->at++;
    return true;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Days since 1970-01-01 in the Gregorian calendar; the year begins in March, so that leap days are last. */
static int64_t days_of(int year, int month, int day)
{
    const int64_t y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;
    const int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static bool read_date(struct reading *reading, int64_t *days)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day = 1;
    if (!read_digits(reading, 4, &year) || !read_mark(reading, "-") || !read_digits(reading, 2, &month) ||
        month < 1 || month > 12)
        return false;
    if (reading->at < reading->end && (!read_mark(reading, "-") || !read_digits(reading, 2, &day)))
        return false;
    if (day < 1 || day > lengths[month - 1] + (month == 2 && is_leap(year)))
        return false;
    *days = days_of(year, month, day);
    return true;
}

static bool read_clock(struct reading *reading, struct mlg_time_key *key)
{
    int hours, minutes, seconds = 0;
    if (!read_digits(reading, 2, &hours) || !read_mark(reading, ":") || !read_digits(reading, 2, &minutes))
        return false;
    if (read_mark(reading, ":")) {
        if (!read_digits(reading, 2, &seconds))
            return false;
        int digits = 0;
        if (read_mark(reading, ".,")) {
            for (; reading->at < reading->end && is_digit(*reading->at); reading->at++, digits++)
                if (digits < FRACTION_DIGITS)
                    key->fraction = key->fraction * 10 + (uint64_t)(*reading->at - '0');
            if (digits == 0)
                return false;
            for (; digits < FRACTION_DIGITS; digits++)
                key->fraction *= 10;
        }
    }
    /* 24:00 is the end of a day, and a leap second is the first one of the next minute. */
    if (hours > 24 || minutes > 59 || seconds > 60 ||
        (hours == 24 && (minutes > 0 || seconds > 0 || key->fraction > 0)))
        return false;
    key->whole += hours * INT64_C(3600) + minutes * INT64_C(60) + seconds;
    return true;
}

/* Z, UTC, +02, +0200 or +02:00, to the end. */
static bool read_zone(struct reading *reading, struct mlg_time_key *key)
{
    int hours, minutes = 0;
    if (reading->at < reading->end && *reading->at == ' ')
        reading->at++;
    if (reading->end - reading->at == 3 && memcmp(reading->at, "UTC", 3) == 0)
        return true;
    if (read_mark(reading, "Zz"))
        return reading->at == reading->end;
    const bool west = reading->at < reading->end && *reading->at == '-';
    if (!read_mark(reading, "+-") || !read_digits(reading, 2, &hours))
        return false;
    if (reading->at < reading->end) {
        read_mark(reading, ":");
        if (!read_digits(reading, 2, &minutes))
            return false;
    }
    if (reading->at != reading->end || hours > 23 || minutes > 59)
        return false;
    const int64_t offset = hours * INT64_C(3600) + minutes * INT64_C(60);
    key->whole += west ? offset : -offset;
    return true;
}

static bool parse_date(struct mlg_text cell, struct mlg_time_key *key, enum mlg_time_kind *kind)
{
    struct reading reading = {cell.bytes, cell.bytes + cell.size};
    int64_t days;
    enum { DATE = 10 };
    struct reading date = reading;
    if (cell.size > DATE)
        date.end = date.at + DATE;
    if (!read_date(&date, &days) || date.at != date.end)
        return false;
    reading.at = date.at;
    *key = (struct mlg_time_key){days * 86400, 0};
    *kind = MLG_TIME_LOCAL;
    if (reading.at == reading.end)
        return true;
    if (!read_mark(&reading, "Tt ") || !read_clock(&reading, key))
        return false;
    if (reading.at == reading.end)
        return true;
    *kind = MLG_TIME_ZONED;
    return read_zone(&reading, key);
}

bool mlg_time_parse(struct mlg_text cell, char decimal, struct mlg_time_key *key, enum mlg_time_kind *kind)
{
    if (!cell.bytes || cell.size == 0)
        return false;
    *kind = MLG_TIME_NUMBER;
    return parse_number(cell, decimal, key) || parse_date(cell, key, kind);
}

bool mlg_time_parse_last(struct mlg_text cell, char decimal, struct mlg_time_key *key,
                         enum mlg_time_kind *kind)
{
    enum { MONTH = 7, DAY = 10 };
    if (!mlg_time_parse(cell, decimal, key, kind))
        return false;
    if (*kind != MLG_TIME_LOCAL || (cell.size != MONTH && cell.size != DAY))
        return true;
    /* A date-time is longer than a date. */
    struct reading reading = {cell.bytes, cell.bytes + cell.size};
    int year = 0, month = 0;
    int64_t next = key->whole + 86400;
    if (cell.size == MONTH && read_digits(&reading, 4, &year) && read_mark(&reading, "-") &&
        read_digits(&reading, 2, &month))
        next = days_of(month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1, 1) * 86400;
    *key = (struct mlg_time_key){next - 1, UINT64_C(9999999999999999999)};
    return true;
}
