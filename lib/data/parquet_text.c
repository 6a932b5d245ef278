/* parquet_text: values as pandas writes them to CSV. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlgate/number.h"
#include "parquet.h"

__extension__ typedef unsigned __int128 uint128;

enum { DAY = 86400, EPOCH = 2440588 /* 1970-01-01, as a Julian day number */, BILLION = 1000000000 };

static struct mlg_text text_of(const char *out, int size)
{
    return (struct mlg_text){out, size > 0 ? (size_t)size : 0};
}

/* The Gregorian calendar, for any day of 64 bits that a date can be. */
static int put_date(int64_t days, char *out)
{
    /* Years of 400 have 146,097 days; they begin in March here, so that a leap day is the last. */
    const int64_t shifted = days + 719468, era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    const int64_t day_of_era = shifted - era * 146097;
    const int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const int64_t day = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int64_t month = (5 * day + 2) / 153;
    const int64_t year = year_of_era + era * 400 + (month >= 10);
    return snprintf(out, 32, "%04" PRId64 "-%02d-%02d", year, (int)(month < 10 ? month + 3 : month - 9),
                    (int)(day - (153 * month + 2) / 5 + 1));
}

/* Behind a second: six digits where they do, else nine. */
static int put_fraction(int64_t nanoseconds, char *out)
{
    if (nanoseconds == 0)
        return 0;
    return nanoseconds % 1000 == 0 ? snprintf(out, 16, ".%06d", (int)(nanoseconds / 1000))
                                   : snprintf(out, 16, ".%09d", (int)nanoseconds);
}

static int put_clock(int64_t second, int64_t nanoseconds, bool utc, char *out)
{
    int size = snprintf(out, 16, "%02d:%02d:%02d", (int)(second / 3600), (int)(second / 60 % 60),
                        (int)(second % 60));
    size += put_fraction(nanoseconds, out + size);
    return utc ? size + snprintf(out + size, 8, "+00:00") : size;
}

static struct mlg_text put_timestamp(int64_t seconds, int64_t nanoseconds, bool utc, char *out)
{
    const int64_t second = (seconds % DAY + DAY) % DAY;
    int size = put_date((seconds - second) / DAY, out);
    out[size++] = ' ';
    return text_of(out, size + put_clock(second, nanoseconds, utc, out + size));
}

/* An integer without its point, at most 38 digits. */
static struct mlg_text put_decimal(uint128 magnitude, bool negative, unsigned digits, char *out)
{
    char reversed[48];
    unsigned count = 0;
    size_t size = 0;
    for (; magnitude > 0 || count <= digits; magnitude /= 10)
        reversed[count++] = (char)('0' + (int)(magnitude % 10));
    if (negative)
        out[size++] = '-';
    while (count > 0) {
        out[size++] = reversed[--count];
        if (count == digits && digits > 0)
            out[size++] = '.';
    }
    return (struct mlg_text){out, size};
}

struct mlg_text mlg_parquet_integer_text(const struct mlg_parquet_column *column, int64_t value, char *out)
{
    int64_t unit = 1;
    for (unsigned i = 0; i < column->digits && i < 9; i++)
        unit *= 10;
    const int64_t part = (value % unit + unit) % unit, whole = value / unit - (value % unit < 0);
    switch (column->meaning) {
    case MLG_PARQUET_TRUTH:
        return value ? text_of("True", 4) : text_of("False", 5);
    case MLG_PARQUET_UNSIGNED:
        return text_of(out, snprintf(out, MLG_PARQUET_TEXT, "%" PRIu64, (uint64_t)value));
    case MLG_PARQUET_DECIMAL:
        return put_decimal(value < 0 ? (uint128)(-(value + 1)) + 1 : (uint128)value, value < 0,
                           column->digits, out);
    case MLG_PARQUET_DATE:
        return text_of(out, put_date(value, out));
    case MLG_PARQUET_TIME:
        if (whole < 0 || whole >= DAY)
            return (struct mlg_text){NULL, 0};
        return text_of(out, put_clock(whole, part * (BILLION / unit), column->utc, out));
    case MLG_PARQUET_TIMESTAMP:
        return put_timestamp(whole, part * (BILLION / unit), column->utc, out);
    default:
        return text_of(out, snprintf(out, MLG_PARQUET_TEXT, "%" PRId64, value));
    }
}

struct mlg_text mlg_parquet_real_text(double value, char *out)
{
    size_t size = mlg_number_print(value, out);
    /* Python writes 1.0 where the shortest text is 1. */
    if (isfinite(value) && strcspn(out, ".e") == size) {
        memcpy(out + size, ".0", 3);
        size += 2;
    }
    return (struct mlg_text){out, size};
}

static struct mlg_text uuid_text(const unsigned char *bytes, char *out)
{
    static const char digits[] = "0123456789abcdef";
    size_t size = 0;
    for (unsigned i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[size++] = '-';
        out[size++] = digits[bytes[i] >> 4];
        out[size++] = digits[bytes[i] & 15];
    }
    return (struct mlg_text){out, size};
}

/* Two's complement, big end first. */
static struct mlg_text decimal_text(const unsigned char *bytes, size_t size, unsigned digits, char *out)
{
    const bool negative = size > 0 && bytes[0] & 0x80;
    while (size > 16 && bytes[0] == (negative ? 0xff : 0)) {
        bytes++;
        size--;
    }
    if (size == 0 || size > 16)
        return (struct mlg_text){NULL, 0};
    uint128 value = negative ? ~(uint128)0 : 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return put_decimal(negative ? ~value + 1 : value, negative, digits, out);
}

static uint64_t little(const unsigned char *bytes, unsigned size)
{
    uint64_t word = 0;
    for (unsigned i = 0; i < size; i++)
        word |= (uint64_t)bytes[i] << (8 * i);
    return word;
}

struct mlg_text mlg_parquet_bytes_text(const struct mlg_parquet_column *column, struct mlg_text value,
                                       char *out)
{
    const unsigned char *bytes = (const unsigned char *)value.bytes;
    switch (column->meaning) {
    case MLG_PARQUET_DECIMAL:
        return decimal_text(bytes, value.size, column->digits, out);
    case MLG_PARQUET_UUID:
        return uuid_text(bytes, out);
    case MLG_PARQUET_TIMESTAMP: { /* INT96: nanoseconds of a day, and the day */
        const int64_t nanoseconds = (int64_t)little(bytes, 8);
        const int64_t part = (nanoseconds % BILLION + BILLION) % BILLION;
        const int64_t days = (int64_t)(int32_t)little(bytes + 8, 4) - EPOCH;
        return put_timestamp(days * DAY + (nanoseconds - part) / BILLION, part, column->utc, out);
    }
    default:
        return value;
    }
}
