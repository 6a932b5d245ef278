/* curves of a table: a header line names the series, a row is a point of those that have a value in it. */
#include <math.h>
#include <string.h>

#include "curves.h"
#include "reader.h"

struct table {
    const char *text;
    size_t size, at;
    unsigned long line;
    size_t line_start;
    char *cell; /* the last field read, without its quotes; room for all of the text */
    size_t cell_size;
    unsigned column; /* where it began, in bytes */
    char delimiter;
    bool is_end; /* it was the last one of its row */
};

enum { AXIS_EPOCH = -1, AXIS_STEP = -2, UNNAMED = -3 };

static int fail(const struct table *table, struct mlg_curves_building *building, const char *what)
{
    return mlg_curves_fail(building, MLG_DATA, table->line, table->column, "%s", what);
}

/* Reads one field, as RFC 4180 has them. */
static int read_field(struct table *table, struct mlg_curves_building *building)
{
    const char *text = table->text;
    const size_t size = table->size;
    size_t at = table->at;
    table->cell_size = 0;
    table->column = (unsigned)(at - table->line_start + 1);
    if (at < size && text[at] == '"') {
        for (at++;; at++) {
            if (at == size)
                return fail(table, building, "a quote is not closed");
            if (text[at] == '"' && (++at == size || text[at] != '"'))
                break;
            if (text[at] == '\n') {
                table->line++;
                table->line_start = at + 1;
            }
            table->cell[table->cell_size++] = text[at];
        }
        if (at < size && text[at] == '\r' && (at + 1 == size || text[at + 1] == '\n'))
            at++;
        if (at < size && text[at] != table->delimiter && text[at] != '\n')
            return fail(table, building, "text after a closing quote");
    } else {
        for (; at < size && text[at] != table->delimiter && text[at] != '\n'; at++) {
            if (text[at] == '"')
                return fail(
                    table, building,
                    "quote inside an unquoted field; a field that holds a quote is written in quotes, "
                    "with the quote doubled");
            table->cell[table->cell_size++] = text[at];
        }
        if ((at == size || text[at] == '\n') && table->cell_size > 0 && text[at - 1] == '\r')
            table->cell_size--;
    }
    table->is_end = at >= size || text[at] == '\n';
    table->at = at < size ? at + 1 : size;
    return MLG_OK;
}

static void next_line(struct table *table)
{
    table->line++;
    table->line_start = table->at;
}

static int read_header(struct table *table, struct mlg_curves_building *building, long **columns,
                       size_t *count)
{
    bool has_names = false;
    double number;
    size_t capacity = 0;
    for (*columns = NULL, *count = 0, table->is_end = false; !table->is_end;) {
        if (read_field(table, building) != MLG_OK)
            return (int)building->error->code;
        if (*count == MLG_CURVES_SERIES)
            return mlg_curves_fail(building, MLG_LIMIT, table->line, 0, "more than %d series in one log",
                                   (int)MLG_CURVES_SERIES);
        long *grown = mlg_arena_grow(building->arena, *columns, &capacity, *count + 1, sizeof *grown);
        if (!grown)
            return mlg_curves_no_memory(building);
        *columns = grown;
        const enum mlg_curve_axis axis = mlg_curve_axis(table->cell, table->cell_size);
        const size_t before = building->count;
        long column = axis == MLG_CURVE_EPOCH  ? AXIS_EPOCH
                      : axis == MLG_CURVE_STEP ? AXIS_STEP
                      : table->cell_size == 0  ? UNNAMED
                                               : mlg_curves_series(building, table->cell, table->cell_size);
        if (axis == MLG_CURVE_SERIES && table->cell_size > 0 && column < 0)
            return (int)building->error->code;
        if (column >= 0 && (size_t)column < before)
            return mlg_curves_fail(building, MLG_DATA, table->line, table->column, "column '%s' occurs twice",
                                   building->items[column].curve.name);
        has_names = has_names || mlg_curve_read(table->cell, table->cell_size, &number) == MLG_CURVE_OTHER;
        grown[(*count)++] = column;
    }
    if (!has_names)
        return mlg_curves_fail(
            building, MLG_DATA, table->line, 0,
            "no names in the first line; a header line such as 'epoch,loss,val_loss' is needed");
    next_line(table);
    return MLG_OK;
}

static int take_cell(const struct table *table, struct mlg_curves_building *building, long column)
{
    double value = (double)NAN;
    const enum mlg_curve_value kind = mlg_curve_read(table->cell, table->cell_size, &value);
    if (column >= 0)
        return mlg_curves_put(building, (size_t)column, kind, value, table->line);
    if (column == UNNAMED || kind == MLG_CURVE_NOTHING)
        return MLG_OK;
    if (kind == MLG_CURVE_OTHER)
        return mlg_curves_fail(building, MLG_DATA, table->line, table->column,
                               "'%.*s' is no %s; a number is needed",
                               table->cell_size < 60 ? (int)table->cell_size : 60, table->cell,
                               column == AXIS_EPOCH ? "epoch" : "step");
    if (column == AXIS_EPOCH)
        building->epoch = value;
    else if (isnan(building->step))
        building->step = value;
    return MLG_OK;
}

static int read_row(struct table *table, struct mlg_curves_building *building, const long *columns,
                    size_t count)
{
    size_t fields = 0;
    for (table->is_end = false; !table->is_end; fields++) {
        int code = read_field(table, building);
        if (code == MLG_OK && fields < count)
            code = take_cell(table, building, columns[fields]);
        if (code != MLG_OK)
            return code;
    }
    if (fields != count)
        return mlg_curves_fail(building, MLG_DATA, table->line, 0,
                               "the row has %zu %s, and the header line %zu", fields,
                               fields == 1 ? "field" : "fields", count);
    next_line(table);
    return mlg_curves_end_row(building, true);
}

static bool is_blank_line(const struct table *table)
{
    const char *text = table->text + table->at;
    const size_t left = table->size - table->at;
    return left > 0 && (text[0] == '\n' || (text[0] == '\r' && (left == 1 || text[1] == '\n')));
}

int mlg_curves_read_csv(struct mlg_curves_building *building, const char *text, size_t size)
{
    struct table table = {
        .text = text, .size = size, .line = 1, .cell = mlg_arena_alloc(building->arena, size + 1, 1)};
    const char *zero = memchr(text, '\0', size);
    size_t header = 0, count;
    long *columns;
    building->format = "csv";
    if (zero)
        return mlg_curves_fail(building, MLG_DATA, 0, 0, "zero byte in '%s'; CSV and JSON are text",
                               building->path);
    /* So far the header line goes, since quotes stand around whole fields alone. */
    for (bool quoted = false; header < size && (quoted || text[header] != '\n'); header++)
        quoted ^= text[header] == '"';
    if (mlg_csv_delimiter(building->path, text, header, '.', "write the table with one of them alone",
                          &table.delimiter, building->error) != MLG_OK)
        return (int)building->error->code;
    if (!table.cell)
        return mlg_curves_no_memory(building);
    int code = read_header(&table, building, &columns, &count);
    while (code == MLG_OK && table.at < size) {
        if (is_blank_line(&table)) {
            table.at += text[table.at] == '\r' && table.at + 1 < size ? 2 : 1;
            next_line(&table);
        } else
            code = read_row(&table, building, columns, count);
    }
    return code;
}
