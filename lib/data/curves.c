/* curves: from the series of a log, as its format gave them, to curves in the order of training. */
#include "curves.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mlgate/number.h"
#include "mlgate/text.h"

int mlg_curves_fail(struct mlg_curves_building *building, enum mlg_code code, unsigned long line,
                    unsigned column, const char *format, ...)
{
    char text[MLG_ERROR_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return mlg_error_at(building->error, code, (struct mlg_place){building->path, line, column}, "%s", text);
}

int mlg_curves_no_memory(struct mlg_curves_building *building)
{
    return mlg_curves_fail(building, MLG_LIMIT, 0, 0, "no memory to read '%s'", building->path);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

enum mlg_curve_value mlg_curve_read(const char *text, size_t size, double *value)
{
    while (size > 0 && is_blank(text[0]))
        text++, size--;
    while (size > 0 && is_blank(text[size - 1]))
        size--;
    if (size == 0 || (size == 2 && memcmp(text, "NA", 2) == 0) ||
        (size == 4 && memcmp(text, "null", 4) == 0) || (size == 4 && memcmp(text, "None", 4) == 0))
        return MLG_CURVE_NOTHING;
    return mlg_number_parse(text, size, value) ? MLG_CURVE_NUMBER : MLG_CURVE_OTHER;
}

static bool is_word(const char *text, size_t size, const char *word)
{
    if (strlen(word) != size)
        return false;
    for (size_t i = 0; i < size; i++)
        if ((text[i] >= 'A' && text[i] <= 'Z' ? text[i] | 0x20 : text[i]) != word[i])
            return false;
    return true;
}

enum mlg_curve_axis mlg_curve_axis(const char *name, size_t size)
{
    static const char *const epochs[] = {"epoch", "round"};
    static const char *const steps[] = {"step", "global_step", "trainer/global_step", "iteration", "iter"};
    for (size_t i = 0; i < sizeof epochs / sizeof *epochs; i++)
        if (is_word(name, size, epochs[i]))
            return MLG_CURVE_EPOCH;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (is_word(name, size, steps[i]))
            return MLG_CURVE_STEP;
    return MLG_CURVE_SERIES;
}

long mlg_curves_series(struct mlg_curves_building *building, const char *name, size_t size)
{
    const uint32_t code = mlg_dictionary_code(building->names, name, size);
    if (code == MLG_NO_CODE) {
        mlg_curves_fail(building, MLG_LIMIT, 0, 0, "more than %d series in '%s'", (int)MLG_CURVES_SERIES,
                        building->path);
        return -1;
    }
    if (code == building->count) {
        struct mlg_curve_building *grown = mlg_arena_grow(
            building->arena, building->items, &building->capacity, building->count + 1, sizeof *grown);
        if (!grown) {
            mlg_curves_no_memory(building);
            return -1;
        }
        building->items = grown;
        grown[code] = (struct mlg_curve_building){0};
        grown[code].curve.name = mlg_arena_copy(building->arena, name, size);
        if (!grown[code].curve.name) {
            mlg_curves_no_memory(building);
            return -1;
        }
        building->count++;
    }
    return (long)code;
}

int mlg_curves_add(struct mlg_curves_building *building, size_t index, struct mlg_curve_point point)
{
    struct mlg_curve_building *item = &building->items[index];
    if (building->points == MLG_CURVES_POINTS)
        return mlg_curves_fail(building, MLG_LIMIT, point.line, 0, "more than %d points in one log",
                               (int)MLG_CURVES_POINTS);
    struct mlg_curve_point *grown = mlg_arena_grow(building->arena, item->curve.points, &item->capacity,
                                                   item->curve.count + 1, sizeof *grown);
    if (!grown)
        return mlg_curves_no_memory(building);
    item->curve.points = grown;
    grown[item->curve.count++] = point;
    item->has_gaps = item->has_gaps || item->gap > 0;
    item->gap = 0;
    building->points++;
    return MLG_OK;
}

int mlg_curves_put(struct mlg_curves_building *building, size_t item, enum mlg_curve_value kind, double value,
                   unsigned long line)
{
    struct mlg_curve_pending *grown = mlg_arena_grow(building->arena, building->row, &building->row_capacity,
                                                     building->row_count + 1, sizeof *grown);
    if (!grown)
        return mlg_curves_no_memory(building);
    building->row = grown;
    grown[building->row_count++] = (struct mlg_curve_pending){item, kind, value, line};
    return MLG_OK;
}

static int take(struct mlg_curves_building *building, const struct mlg_curve_pending *pending)
{
    struct mlg_curve_building *item = &building->items[pending->item];
    if (item->row == building->rows)
        return mlg_curves_fail(building, MLG_DATA, pending->line, 0, "'%s' occurs twice in one row",
                               item->curve.name);
    item->row = building->rows;
    if (pending->kind == MLG_CURVE_NUMBER)
        return mlg_curves_add(building, pending->item,
                              (struct mlg_curve_point){pending->value, building->epoch, building->step,
                                                       pending->line, building->rows});
    if (pending->kind == MLG_CURVE_OTHER && !item->other)
        item->other = pending->line;
    if (pending->kind == MLG_CURVE_NOTHING && !item->gap)
        item->gap = pending->line;
    return MLG_OK;
}

int mlg_curves_end_row(struct mlg_curves_building *building, bool is_taken)
{
    int code = MLG_OK;
    building->rows++;
    for (size_t i = building->row_first; is_taken && i < building->row_count && code == MLG_OK; i++)
        code = take(building, &building->row[i]);
    building->row_count = building->row_first;
    building->epoch = building->step = (double)NAN;
    return code;
}

/* ---- the order of training --------------------------------------------------------------------------- */

static int compare(double a, double b)
{
    return (a > b) - (a < b);
}

/* Does `a` stand before `b`, by epoch, then by step? 0 where neither is said. */
static int order_of(const struct mlg_curve *curve, const struct mlg_curve_point *a,
                    const struct mlg_curve_point *b)
{
    const int epochs = curve->has_epochs ? compare(a->epoch, b->epoch) : 0;
    return epochs == 0 && curve->has_steps ? compare(a->step, b->step) : epochs;
}

static const char *where_of(const struct mlg_curve *curve, const struct mlg_curve_point *point,
                            struct mlg_arena *arena)
{
    char number[MLG_NUMBER_SIZE];
    mlg_number_print(curve->has_epochs ? point->epoch : point->step, number);
    const char *text = mlg_arena_format(arena, "%s %s", curve->has_epochs ? "epoch" : "step", number);
    return text ? text : "";
}

/* Training that is resumed from a checkpoint writes its points once more, from there on: those before are of
 * weights that were thrown away. Training that begins anew is another matter: whether it went on with the
 * same weights nobody can tell from the log. Without memory the mistake stays empty, and is one. */
static void put_in_order(struct mlg_curve *curve, const char *path, struct mlg_arena *arena)
{
    size_t count = 1;
    for (size_t i = 1; i < curve->count && !curve->mistake; i++) {
        const struct mlg_curve_point *point = &curve->points[i];
        const char *where = where_of(curve, point, arena),
                   *before = where_of(curve, &curve->points[count - 1], arena);
        size_t found = count;
        const bool goes_on = order_of(curve, point, &curve->points[count - 1]) >= 0;
        while (!goes_on && found > 0 && order_of(curve, &curve->points[found - 1], point) >= 0)
            found--;
        if (goes_on)
            curve->points[count++] = *point;
        else if (found == 0) {
            curve->mistake = mlg_arena_format(arena,
                                              "%s:%lu: %s of '%s' comes after %s: the log holds two runs, or "
                                              "one that was counted anew; keep "
                                              "the rows of one run, or number them on",
                                              path, point->line, where, curve->name, before);
            curve->mistake = curve->mistake ? curve->mistake : "";
        } else if (order_of(curve, &curve->points[found], point) != 0) {
            curve->mistake = mlg_arena_format(arena,
                                              "%s:%lu: %s of '%s' comes after %s, and was not there before; "
                                              "rows stand in the order of training",
                                              path, point->line, where, curve->name, before);
            curve->mistake = curve->mistake ? curve->mistake : "";
        } else {
            curve->note =
                mlg_arena_format(arena,
                                 "training was resumed at %s (line %lu of '%s'): what '%s' had from there "
                                 "on before does not count",
                                 where, point->line, path, curve->name);
            curve->points[found] = *point;
            count = found + 1;
        }
    }
    curve->count = count;
}

static void finish(struct mlg_curve_building *item, const char *path, struct mlg_arena *arena)
{
    struct mlg_curve *curve = &item->curve;
    curve->has_epochs = curve->has_steps = true;
    for (size_t i = 0; i < curve->count; i++) {
        curve->has_epochs = curve->has_epochs && isfinite(curve->points[i].epoch);
        curve->has_steps = curve->has_steps && isfinite(curve->points[i].step);
    }
    if (item->other)
        curve->mistake = mlg_arena_format(arena, "%s:%lu: a value of '%s' is no number, as others of it are",
                                          path, item->other, curve->name);
    else if (item->gap && !item->has_gaps)
        curve->mistake = mlg_arena_format(
            arena,
            "%s:%lu: '%s' has no value from here on, and had one in every row before; not-a-number is often "
            "written so",
            path, item->gap, curve->name);
    if ((item->other || (item->gap && !item->has_gaps)) && !curve->mistake)
        curve->mistake = "";
    if (!curve->mistake && (curve->has_epochs || curve->has_steps))
        put_in_order(curve, path, arena);
}

/* ---- where the log ends ------------------------------------------------------------------------------ */

/* How a series says where its points stand: by the epoch, else by the step, else by the row. */
static double place_of(const struct mlg_curve *curve, const struct mlg_curve_point *point)
{
    return curve->has_epochs ? point->epoch : curve->has_steps ? point->step : (double)point->row;
}

/* The last place of the log that any curve has, told as `asking` tells it. Single values (a test score, the
 * time that it took) are no curve. */
static double end_of_log(const struct mlg_curves *curves, const struct mlg_curve *asking)
{
    double end = -(double)INFINITY;
    for (size_t i = 0; i < curves->count; i++) {
        const struct mlg_curve *curve = &curves->items[i];
        if (curve->count < 2 || curve->mistake)
            continue;
        const double last = place_of(asking, &curve->points[curve->count - 1]);
        end = last > end ? last : end; /* not so where it is not said */
    }
    return end;
}

/* Does it end while the log goes on? One that is logged every few epochs may end so many before. */
static bool ends_early(const struct mlg_curve *curve, double end)
{
    double apart = 0;
    for (size_t i = 1; i < curve->count; i++)
        apart = fmax(apart, place_of(curve, &curve->points[i]) - place_of(curve, &curve->points[i - 1]));
    return apart > 0 && end - place_of(curve, &curve->points[curve->count - 1]) >= apart;
}

static void mark_early_ends(const struct mlg_curves *curves, const char *path, struct mlg_arena *arena)
{
    /* Each by the others as they stand, whatever is found of those. */
    bool *early = MLG_NEW_ARRAY(arena, bool, curves->count + 1);
    for (size_t i = 0; early && i < curves->count; i++)
        early[i] = curves->items[i].count > 1 && !curves->items[i].mistake &&
                   ends_early(&curves->items[i], end_of_log(curves, &curves->items[i]));
    for (size_t i = 0; i < curves->count; i++) {
        struct mlg_curve *curve = &curves->items[i];
        if (early && !early[i])
            continue;
        char last[MLG_NUMBER_SIZE], end[MLG_NUMBER_SIZE];
        const struct mlg_curve_point *point = &curve->points[curve->count - 1];
        mlg_number_print(place_of(curve, point), last);
        mlg_number_print(end_of_log(curves, curve), end);
        const char *unit = curve->has_epochs ? curves->unit : curve->has_steps ? "step" : "row";
        const char *text =
            mlg_arena_format(arena,
                             "%s:%lu: '%s' ends at %s %s, and the log goes on to %s %s; not-a-number is "
                             "often left out, and what was "
                             "not logged is not known; log it to the end, or leave out the rows behind it",
                             path, point->line, curve->name, unit, last, unit, end);
        curve->mistake = text ? text : "";
    }
}

int mlg_curves_parse(const char *path, const char *bytes, size_t size, struct mlg_arena *arena,
                     struct mlg_curves *curves, struct mlg_error *error)
{
    struct mlg_error own = {0};
    struct mlg_curves_building building = {.path = path,
                                           .arena = arena,
                                           .error = error ? error : &own,
                                           .names = mlg_dictionary_new(MLG_CURVES_SERIES),
                                           .epoch = (double)NAN,
                                           .step = (double)NAN,
                                           .unit = "epoch"};
    size_t start = size >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0, first = start;
    int code = MLG_OK;
    *curves = (struct mlg_curves){.path = path};
    while (first < size && strchr(" \t\r\n", bytes[first]) && bytes[first])
        first++;
    if (!building.names)
        code = mlg_curves_no_memory(&building);
    else if (size > MLG_CURVES_BYTES)
        code = mlg_curves_fail(&building, MLG_LIMIT, 0, 0, "'%s' is too large; at most %d MiB are read", path,
                               (int)(MLG_CURVES_BYTES >> 20));
    else if (first == size)
        code = mlg_curves_fail(&building, MLG_DATA, 0, 0, "'%s' is empty; a training log is needed", path);
    else if (bytes[first] == '{' || bytes[first] == '[')
        code = mlg_curves_read_json(&building, bytes + start, size - start);
    else
        code = mlg_curves_read_csv(&building, bytes + start, size - start);
    mlg_dictionary_free(building.names);
    if (code != MLG_OK)
        return code;
    curves->items = MLG_NEW_ARRAY(arena, struct mlg_curve, building.count + 1);
    if (!curves->items)
        return mlg_curves_no_memory(&building);
    for (size_t i = 0; i < building.count; i++) {
        struct mlg_curve_building *item = &building.items[i];
        if (item->curve.count == 0)
            continue;
        finish(item, path, arena);
        curves->points += item->curve.count;
        curves->items[curves->count++] = item->curve;
    }
    curves->format = building.format;
    curves->unit = building.unit;
    mark_early_ends(curves, path, arena);
    if (curves->count == 0)
        return mlg_curves_fail(
            &building, MLG_DATA, 0, 0,
            "no series of numbers in '%s'; a CSV table with a header, JSON lines, trainer_state.json, "
            "evals_result and History.history as JSON are read",
            path);
    return MLG_OK;
}

const struct mlg_curve *mlg_curves_find(const struct mlg_curves *curves, const char *name)
{
    for (size_t i = 0; i < curves->count; i++)
        if (strcmp(curves->items[i].name, name) == 0)
            return &curves->items[i];
    return NULL;
}
