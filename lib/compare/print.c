/* print: a comparison for people, and for programs. */
#include <math.h>
#include <string.h>

#include "inside.h"

static void put_number(struct mlg_builder *out, double value)
{
    if (isfinite(value))
        mlg_put_format(out, "%.3g", value);
    else
        mlg_put(out, "infinite");
}

static const char *name_of(const struct mlg_part *part)
{
    return *part->name ? part->name : part->kind == MLG_PART_ROWS ? "(rows)" : "(the file)";
}

/* What an element of the part is called. */
static const char *elements_of(const struct mlg_part *part, uint64_t count)
{
    switch (part->kind) {
    case MLG_PART_TENSOR:
        return mlg_plural(count, "element", "elements");
    case MLG_PART_VALUE:
    case MLG_PART_JSON:
    case MLG_PART_LINES:
    case MLG_PART_GRAPH:
        return mlg_plural(count, "value", "values");
    case MLG_PART_TEXT:
        return mlg_plural(count, "line", "lines");
    case MLG_PART_COLUMN:
        return mlg_plural(count, "cell", "cells");
    case MLG_PART_ROWS:
        return mlg_plural(count, "row", "rows");
    case MLG_PART_LINK:
        return mlg_plural(count, "link", "links");
    default:
        return mlg_plural(count, "byte", "bytes");
    }
}

static void put_share(struct mlg_builder *out, const struct mlg_part *part)
{
    const struct mlg_distance *distance = &part->distance;
    mlg_put_count(out, distance->differ);
    mlg_put(out, " of ");
    mlg_put_count(out, distance->elements);
    mlg_put_format(out, " %s %s", elements_of(part, distance->elements),
                   mlg_plural(distance->differ, "differs", "differ"));
    if (distance->beyond < distance->differ) {
        mlg_put(out, " (");
        mlg_put_count(out, distance->beyond);
        mlg_put(out, " beyond the tolerance)");
    }
}

static void put_distance(struct mlg_builder *out, const struct mlg_distance *distance)
{
    mlg_put(out, "at most by ");
    put_number(out, distance->max_abs_difference);
    mlg_put(out, " (relative ");
    put_number(out, distance->max_rel_difference);
    mlg_put(out, ", ");
    if (distance->max_ulp == UINT64_MAX) {
        mlg_put(out, "NaN or an infinity against another number");
    } else {
        const uint64_t far = 1000000; /* beyond that its digits say nothing */
        if (distance->max_ulp <= far)
            mlg_put_count(out, distance->max_ulp);
        else
            mlg_put_format(out, "%.3g", (double)distance->max_ulp);
        mlg_put(out, " ulp");
    }
    mlg_put(out, "), relative L2 ");
    put_number(out, distance->relative_l2);
}

static void put_plain_text(struct mlg_builder *out, const char *text)
{
    const bool is_quoted = text && mlg_text_needs_quotes(text);
    mlg_put(out, is_quoted ? "'" : "");
    mlg_put_plain(out, text ? text : "nothing");
    mlg_put(out, is_quoted ? "'" : "");
}

static void put_part(struct mlg_builder *out, const struct mlg_part *part)
{
    static const char *const words[MLG_PART_VERDICT_COUNT] = {
        [MLG_PART_IDENTICAL] = "same  ", [MLG_PART_SAME] = "same  ",   [MLG_PART_DIFFERENT] = "DIFF  ",
        [MLG_PART_ONLY_A] = "only A",    [MLG_PART_ONLY_B] = "only B", [MLG_PART_OPAQUE] = "OPAQUE",
    };
    mlg_put_format(out, "  %s  ", words[part->verdict]);
    mlg_put_plain(out, name_of(part));
    if (part->why && part->verdict == MLG_PART_DIFFERENT) {
        mlg_put(out, "  ");
        mlg_put_plain(out, part->why);
    } else if (part->what) {
        mlg_put(out, "  ");
        mlg_put_plain(out, part->what);
    }
    if (part->distance.differ > 0) {
        mlg_put(out, "\n          ");
        put_share(out, part);
        if (part->distance.numbers > 0 && part->distance.max_abs_difference > 0) {
            mlg_put(out, ", ");
            put_distance(out, &part->distance);
        }
    }
    mlg_put(out, "\n");
    for (size_t i = 0; i < part->place_count; i++) {
        mlg_put(out, "          ");
        mlg_put_plain(out, part->places[i].place);
        mlg_put(out, ": ");
        put_plain_text(out, part->places[i].a);
        mlg_put(out, " against ");
        put_plain_text(out, part->places[i].b);
        mlg_put(out, "\n");
    }
    if (part->why && part->verdict == MLG_PART_OPAQUE) {
        mlg_put(out, "          ");
        mlg_put_plain(out, part->why);
        mlg_put(out, "\n");
    }
}

static void put_flips(struct mlg_builder *out, const struct mlg_flips_of_file *found)
{
    const struct mlg_flips *flips = &found->flips;
    mlg_put(out, found->file[0] ? "predictions in " : "predictions");
    mlg_put_plain(out, found->file);
    mlg_put(out, ": ");
    mlg_put_count(out, flips->changed);
    mlg_put(out, " of ");
    mlg_put_count(out, flips->n);
    mlg_put(out, " changed");
    if (flips->labelled && flips->changed > 0) {
        mlg_put(out, " (");
        mlg_put_count(out, flips->correct_to_wrong);
        mlg_put(out, " correct in B alone, ");
        mlg_put_count(out, flips->wrong_to_correct);
        mlg_put(out, " correct in A alone, ");
        mlg_put_count(out, flips->wrong_to_wrong);
        mlg_put(out, " wrong in both)");
    }
    if (flips->missing > 0) {
        mlg_put(out, "; in ");
        mlg_put_count(out, flips->missing);
        mlg_put_format(out, " more %s neither has one", mlg_plural(flips->missing, "row", "rows"));
    }
    mlg_put(out, "\n");
    if (flips->missing_scores > 0) {
        mlg_put(out, "  scores missing in both: ");
        mlg_put_count(out, flips->missing_scores);
        mlg_put(out, " of ");
        mlg_put_count(out, flips->scores);
        mlg_put(out, "\n");
    }
    if (flips->max_score_row) {
        mlg_put(out, "  scores changed at most by ");
        put_number(out, flips->max_score_change);
        mlg_put(out, ", at ");
        mlg_put_plain(out, flips->max_score_row);
        mlg_put(out, "\n");
    }
    if (flips->row_count > 0) {
        mlg_put(out, "  changed: ");
        for (size_t i = 0; i < flips->row_count; i++) {
            mlg_put(out, i ? ", " : "");
            mlg_put_plain(out, flips->rows[i]);
        }
        if (flips->changed > flips->row_count) {
            mlg_put(out, " and ");
            mlg_put_count(out, flips->changed - flips->row_count);
            mlg_put(out, " more");
        }
        mlg_put(out, "\n");
    }
    if (flips->only) {
        mlg_put(out, "  not in both: ");
        mlg_put_count(out, flips->only_a + flips->only_b);
        mlg_put_format(out, " %s; ", mlg_plural(flips->only_a + flips->only_b, "row", "rows"));
        mlg_put_plain(out, flips->only);
        mlg_put(out, "\n");
    }
}

/* Worse ones first, then by name. */
static void put_parts(struct mlg_builder *out, const struct mlg_comparison *comparison)
{
    enum { MOST = 50 };
    static const enum mlg_part_verdict order[] = {MLG_PART_DIFFERENT, MLG_PART_ONLY_A, MLG_PART_ONLY_B,
                                                  MLG_PART_OPAQUE};
    uint64_t shown = 0, all = 0;
    for (size_t k = 0; k < sizeof order / sizeof *order; k++) {
        all += comparison->counts[order[k]];
        for (size_t i = 0; i < comparison->part_count && shown < MOST; i++)
            if (comparison->parts[i].verdict == order[k]) {
                put_part(out, &comparison->parts[i]);
                shown++;
            }
    }
    if (all > shown) {
        mlg_put(out, "  ... and ");
        mlg_put_count(out, all - shown);
        mlg_put(out, " more; --json has all\n");
    }
    /* The same with other numbers: how far within the tolerance. */
    shown = 0;
    for (size_t i = 0; i < comparison->part_count && shown < MOST; i++)
        if (comparison->parts[i].verdict == MLG_PART_SAME && comparison->parts[i].distance.differ > 0) {
            put_part(out, &comparison->parts[i]);
            shown++;
        }
}

void mlg_comparison_put_text(const struct mlg_comparison *comparison, const struct mlg_flips_of_files *flips,
                             const char *a, const char *b, struct mlg_builder *out)
{
    const uint64_t *counts = comparison->counts;
    const uint64_t same = counts[MLG_PART_SAME] + counts[MLG_PART_IDENTICAL];
    mlg_put(out, "A: ");
    mlg_put_plain(out, a);
    mlg_put(out, "\nB: ");
    mlg_put_plain(out, b);
    mlg_put(out, "\n\n");
    put_parts(out, comparison);
    if (same > 0) {
        mlg_put(out, "  same    ");
        mlg_put_count(out, same);
        mlg_put_format(out, " %s: ", mlg_plural(same, "part", "parts"));
        mlg_put_count(out, counts[MLG_PART_IDENTICAL]);
        mlg_put(out, " of the same bytes");
        if (counts[MLG_PART_SAME] > 0) {
            mlg_put(out, ", ");
            mlg_put_count(out, counts[MLG_PART_SAME]);
            mlg_put(out, " by meaning");
        }
        mlg_put(out, "\n");
    }
    for (size_t i = 0; i < comparison->note_count; i++) {
        mlg_put(out, "  note    ");
        mlg_put_plain(out, comparison->notes[i]);
        mlg_put(out, "\n");
    }
    mlg_put(out, "\n");
    for (size_t i = 0; flips && i < flips->count; i++)
        put_flips(out, &flips->items[i]);
    if (comparison->identical_bytes) {
        mlg_put(out, "identical: the same bytes\n");
    } else if (comparison->same) {
        mlg_put(out, "same: other bytes, the same meaning");
        if (comparison->total.differ > 0) {
            mlg_put(out, " within the tolerance; numbers differ ");
            put_distance(out, &comparison->total);
        }
        mlg_put(out, "\n");
    } else {
        mlg_put(out, "different: ");
        mlg_put_count(out, comparison->part_count - same);
        mlg_put(out, " of ");
        mlg_put_count(out, comparison->part_count);
        mlg_put_format(out, " %s", mlg_plural(comparison->part_count, "part", "parts"));
        if (comparison->total.max_abs_difference > 0) {
            mlg_put(out, "; numbers differ ");
            put_distance(out, &comparison->total);
        }
        mlg_put(out, "\n");
    }
}

/* ---- JSON ------------------------------------------------------------------------------------------ */

static void put_json_number(struct mlg_builder *out, double value)
{
    if (isfinite(value))
        mlg_put_number(out, value);
    else
        mlg_put(out, "null");
}

static void put_json_count(struct mlg_builder *out, const char *key, uint64_t value)
{
    mlg_put_format(out, "\"%s\": %llu, ", key, (unsigned long long)value);
}

static void put_json_distance(struct mlg_builder *out, const struct mlg_distance *distance)
{
    mlg_put(out, "{");
    put_json_count(out, "elements", distance->elements);
    put_json_count(out, "differ", distance->differ);
    put_json_count(out, "beyond_tolerance", distance->beyond);
    put_json_count(out, "numbers", distance->numbers);
    mlg_put(out, "\"max_abs_difference\": ");
    put_json_number(out, distance->max_abs_difference);
    mlg_put(out, ", \"max_rel_difference\": ");
    put_json_number(out, distance->max_rel_difference);
    mlg_put(out, ", \"max_ulp\": ");
    if (distance->max_ulp == UINT64_MAX)
        mlg_put(out, "null");
    else
        mlg_put_format(out, "%llu", (unsigned long long)distance->max_ulp);
    mlg_put(out, ", \"relative_l2\": ");
    put_json_number(out, distance->relative_l2);
    mlg_put(out, ", \"undefined\": ");
    mlg_put_json_or_null(out, distance->undefined);
    mlg_put(out, "}");
}

static void put_json_part(struct mlg_builder *out, const struct mlg_part *part)
{
    mlg_put(out, "    {\"name\": ");
    mlg_put_json_or_null(out, part->name);
    mlg_put_format(out, ", \"kind\": \"%s\", \"verdict\": \"%s\", \"what\": ", mlg_part_kinds[part->kind],
                   mlg_part_verdicts[part->verdict]);
    mlg_put_json_or_null(out, part->what);
    mlg_put(out, ", \"why\": ");
    mlg_put_json_or_null(out, part->why);
    mlg_put(out, ",\n     \"distance\": ");
    put_json_distance(out, &part->distance);
    mlg_put(out, ",\n     \"places\": [");
    for (size_t i = 0; i < part->place_count; i++) {
        mlg_put(out, i ? ", {\"place\": " : "{\"place\": ");
        mlg_put_json_or_null(out, part->places[i].place);
        mlg_put(out, ", \"a\": ");
        mlg_put_json_or_null(out, part->places[i].a);
        mlg_put(out, ", \"b\": ");
        mlg_put_json_or_null(out, part->places[i].b);
        mlg_put(out, "}");
    }
    mlg_put(out, "]");
    if (part->key_count > 0) {
        mlg_put(out, ",\n     \"keys\": [");
        for (size_t i = 0; i < part->key_count; i++) {
            mlg_put(out, i ? ", " : "");
            mlg_put_json_or_null(out, part->keys[i].path);
        }
        mlg_put_format(out, "], \"has_more_keys\": %s", part->has_more_keys ? "true" : "false");
    }
    mlg_put(out, "}");
}

static void put_json_flips(struct mlg_builder *out, const struct mlg_flips *flips)
{
    mlg_put(out, "{");
    put_json_count(out, "n", flips->n);
    put_json_count(out, "changed", flips->changed);
    put_json_count(out, "missing", flips->missing);
    if (flips->labelled) {
        put_json_count(out, "correct_to_wrong", flips->correct_to_wrong);
        put_json_count(out, "wrong_to_correct", flips->wrong_to_correct);
        put_json_count(out, "wrong_to_wrong", flips->wrong_to_wrong);
    }
    put_json_count(out, "only_in_a", flips->only_a);
    put_json_count(out, "only_in_b", flips->only_b);
    mlg_put(out, "\"max_score_change\": ");
    put_json_number(out, flips->max_score_change);
    mlg_put(out, ", \"max_score_row\": ");
    mlg_put_json_or_null(out, flips->max_score_row);
    mlg_put(out, ", \"rows\": [");
    for (size_t i = 0; i < flips->row_count; i++) {
        mlg_put(out, i ? ", " : "");
        mlg_put_json_or_null(out, flips->rows[i]);
    }
    mlg_put(out, "]}");
}

/* Of two files an object, of two directories a list of them, with the paths in front. */
static void put_json_flips_of(struct mlg_builder *out, const struct mlg_flips_of_files *flips)
{
    mlg_put(out, flips->are_below ? "  \"predictions_in\": [" : "  \"predictions\": ");
    for (size_t i = 0; i < flips->count; i++) {
        if (flips->are_below) {
            mlg_put(out, i ? ",\n    {\"file\": " : "\n    {\"file\": ");
            mlg_put_json_or_null(out, flips->items[i].file);
            mlg_put(out, ", \"predictions\": ");
        }
        put_json_flips(out, &flips->items[i].flips);
        mlg_put(out, flips->are_below ? "}" : "");
    }
    mlg_put(out, flips->are_below ? "],\n" : ",\n");
}

void mlg_comparison_put_json(const struct mlg_comparison *comparison, const struct mlg_flips_of_files *flips,
                             const char *a, const char *b, struct mlg_builder *out)
{
    mlg_put(out, "{\n  \"schema\": \"mlgate-comparison/1\",\n  \"a\": ");
    mlg_put_json_or_null(out, a);
    mlg_put(out, ",\n  \"b\": ");
    mlg_put_json_or_null(out, b);
    mlg_put_format(out, ",\n  \"same\": %s,\n  \"identical_bytes\": %s,\n  \"counts\": {",
                   comparison->same ? "true" : "false", comparison->identical_bytes ? "true" : "false");
    for (size_t i = 0; i < MLG_PART_VERDICT_COUNT; i++)
        mlg_put_format(out, "%s\"%s\": %llu", i ? ", " : "", mlg_part_verdicts[i],
                       (unsigned long long)comparison->counts[i]);
    mlg_put(out, "},\n  \"total\": ");
    put_json_distance(out, &comparison->total);
    mlg_put(out, ",\n");
    if (flips)
        put_json_flips_of(out, flips);
    mlg_put(out, "  \"parts\": [");
    for (size_t i = 0; i < comparison->part_count; i++) {
        mlg_put(out, i ? ",\n" : "\n");
        put_json_part(out, &comparison->parts[i]);
    }
    mlg_put(out, "\n  ],\n  \"notes\": [");
    for (size_t i = 0; i < comparison->note_count; i++) {
        mlg_put(out, i ? ", " : "");
        mlg_put_json_or_null(out, comparison->notes[i]);
    }
    mlg_put(out, "]\n}\n");
}
