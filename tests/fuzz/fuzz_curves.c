/* Any bytes as a training log: curves or a sentence with a place; what comes out is whole, and every quantity
 * of every series is a number or a reason. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/curves.h"
#include "mlgate/overfit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

/* At most so many: a carriage return alone ends a line of CSV too. */
static unsigned long count_lines(const char *bytes, size_t size)
{
    unsigned long lines = 1;
    for (size_t i = 0; i < size; i++)
        lines += bytes[i] == '\n' || bytes[i] == '\r';
    return lines;
}

static void look_at_curve(const struct mlg_curves *curves, const struct mlg_curve *curve, unsigned long lines)
{
    demand(curve->name && curve->count > 0 && curve->name[0]);
    demand(mlg_curves_find(curves, curve->name) == curve);
    for (size_t i = 0; i < curve->count; i++) {
        const struct mlg_curve_point *point = &curve->points[i];
        demand(point->line >= 1 && point->line <= lines);
        demand(!curve->has_epochs || isfinite(point->epoch));
        demand(!curve->has_steps || isfinite(point->step));
        demand(i == 0 || curve->mistake || !curve->has_epochs || point->epoch >= point[-1].epoch);
    }
}

static void ask(const struct mlg_curves *curves, const char *series, const char *quantity,
                struct mlg_arena *arena)
{
    struct mlg_check check = {
        .written = quantity, .name = quantity, .comparator = MLG_AT_MOST, .limit.value = 1};
    struct mlg_overfit_view view = {.curves = curves, .check = &check, .held_out.scratch = arena};
    struct mlg_call call;
    struct mlg_evidence evidence = {0};
    struct mlg_overfit_outcome outcome = {0};
    struct mlg_error error = {0};
    check.arguments[check.argument_count++].value = series;
    if (mlg_overfit_resolve(&check, arena, &call, &error) != MLG_OK)
        return;
    demand(mlg_overfit_kernel_of(&call)->evaluate(&call, NULL, &view, &evidence, &outcome, &error) == MLG_OK);
    if (evidence.kind == MLG_UNDEFINED)
        demand(evidence.reason[0] != '\0');
    else
        demand(evidence.kind == MLG_EXACT_VALUE && !isnan(evidence.value) && evidence.n >= 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { ASKED = 8 };
    struct mlg_arena arena;
    struct mlg_curves curves;
    struct mlg_error error = {0};
    char *bytes = malloc(size + (size == 0));
    demand(bytes != NULL);
    memcpy(bytes, data, size);
    mlg_arena_init(&arena, (size_t)256 << 20);
    const int code = mlg_curves_parse("log", bytes, size, &arena, &curves, &error);
    demand(code == (int)error.code && code != MLG_INTERNAL);
    const unsigned long lines = count_lines(bytes, size);
    if (code != MLG_OK)
        demand(error.text[0] != '\0' && error.place.line <= lines);
    else
        demand(curves.count > 0 && curves.format && curves.unit);
    for (size_t i = 0; code == MLG_OK && i < curves.count; i++)
        look_at_curve(&curves, &curves.items[i], lines);
    for (size_t i = 0; code == MLG_OK && i < curves.count && i < ASKED; i++) {
        ask(&curves, curves.items[i].name, "decline", &arena);
        ask(&curves, curves.items[i].name, "epochs_past_best", &arena);
        ask(&curves, curves.items[i].name, "curve_gap", &arena);
    }
    mlg_arena_free(&arena);
    free(bytes);
    return 0;
}
