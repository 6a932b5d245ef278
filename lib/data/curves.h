/* curves, the part that the formats share: rows and points on their way into series.
 *
 * A row is collected value by value, and taken when it is whole, since where it stands may be said last.
 */
#ifndef MLG_DATA_CURVES_H
#define MLG_DATA_CURVES_H

#include "mlgate/curves.h"
#include "mlgate/table.h"

/* What a cell or member holds. */
enum mlg_curve_value {
    MLG_CURVE_NUMBER, /* NaN and infinities too */
    MLG_CURVE_NOTHING,
    MLG_CURVE_OTHER /* text, true, an array ... */
};

struct mlg_curve_building {
    struct mlg_curve curve;
    size_t capacity;
    uint64_t row;        /* the last one that has it, from 1 */
    bool is_list;        /* its points come from an array */
    unsigned long other; /* line of the first value that is no number; 0: none */
    unsigned long gap;   /* line of the first empty value since the last number; 0: none */
    bool has_gaps;       /* an empty value, and a number after it */
};

struct mlg_curves_building {
    const char *path;
    struct mlg_arena *arena;
    struct mlg_error *error;
    struct mlg_dictionary *names;
    struct mlg_curve_building *items;
    size_t count, capacity;
    uint64_t points, rows;
    struct mlg_curve_pending {
        size_t item;
        enum mlg_curve_value kind;
        double value;
        unsigned long line;
    } * row;
    size_t row_first, row_count, row_capacity; /* values before row_first are of a row around this one */
    double epoch, step;                        /* of the row; NaN: not said */
    const char *format, *unit;
};

/* How a cell or text is read. */
enum mlg_curve_value mlg_curve_read(const char *text, size_t size, double *value);
enum mlg_curve_axis { MLG_CURVE_SERIES, MLG_CURVE_EPOCH, MLG_CURVE_STEP };
enum mlg_curve_axis mlg_curve_axis(const char *name, size_t size);

int mlg_curves_fail(struct mlg_curves_building *building, enum mlg_code code, unsigned long line,
                    unsigned column, const char *format, ...) __attribute__((format(printf, 5, 6)));
int mlg_curves_no_memory(struct mlg_curves_building *building);
/* The index of the series, made now if it is new; negative: an error was told. */
long mlg_curves_series(struct mlg_curves_building *building, const char *name, size_t size);
/* Adds a value to the row. */
int mlg_curves_put(struct mlg_curves_building *building, size_t item, enum mlg_curve_value kind, double value,
                   unsigned long line);
/* Takes the row into the series, or drops it, and begins the next. */
int mlg_curves_end_row(struct mlg_curves_building *building, bool is_taken);
/* Adds a point of its own. */
int mlg_curves_add(struct mlg_curves_building *building, size_t item, struct mlg_curve_point point);

/* The formats: bytes to series. */
int mlg_curves_read_csv(struct mlg_curves_building *building, const char *text, size_t size);
int mlg_curves_read_json(struct mlg_curves_building *building, const char *text, size_t size);

#endif
