#include "compared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

void compared_begin(struct compared *compared)
{
    *compared = (struct compared){0};
    world_memory_init(&compared->memory);
    mlg_arena_init(&compared->arena, 0);
}

int compared_files(struct compared *compared, const char *a, const char *b,
                   const struct mlg_compare_options *options)
{
    static const struct mlg_compare_options none = {0};
    compared->error = (struct mlg_error){0};
    const int code = mlg_compare_files(&compared->memory.world, a, b, options ? options : &none,
                                       &compared->arena, &compared->comparison, &compared->error);
    assert_int_equal(code, compared->error.code);
    return code;
}

static void put_part(struct mlg_builder *out, const struct mlg_part *part, bool brief)
{
    const struct mlg_distance *distance = &part->distance;
    if (brief && part->verdict == MLG_PART_IDENTICAL)
        return;
    mlg_put_format(out, "%s%s %s", out->size ? "; " : "", *part->name ? part->name : "file",
                   mlg_part_verdicts[part->verdict]);
    if (part->why && part->verdict == MLG_PART_DIFFERENT)
        mlg_put_format(out, " (%s)", part->why);
    if (distance->differ > 0)
        mlg_put_format(out, " %llu/%llu", (unsigned long long)distance->differ,
                       (unsigned long long)distance->elements);
    if (distance->max_ulp > 0) {
        mlg_put(out, " abs ");
        mlg_put_number(out, distance->max_abs_difference);
        if (!brief)
            mlg_put_format(out, " ulp %lld", (long long)distance->max_ulp);
    }
    if (part->place_count > 0)
        mlg_put_format(out, " at %s: %s, %s", part->places[0].place,
                       part->places[0].a ? part->places[0].a : "nothing",
                       part->places[0].b ? part->places[0].b : "nothing");
}

void compared_check(const struct compared *compared, const char *told, bool same, bool brief)
{
    const struct mlg_comparison *comparison = &compared->comparison;
    if (compared->error.code) {
        assert_memory_equal(compared->error.text, told, strlen(told));
        assert_false(same);
        return;
    }
    struct mlg_builder said;
    mlg_builder_init(&said, 0);
    mlg_put(&said, "");
    for (size_t i = 0; i < comparison->part_count; i++)
        put_part(&said, &comparison->parts[i], brief);
    assert_string_equal(said.data, told);
    mlg_builder_free(&said);
    assert_int_equal(comparison->same, same);
    assert_int_equal(comparison->same,
                     comparison->counts[MLG_PART_SAME] + comparison->counts[MLG_PART_IDENTICAL] ==
                         comparison->part_count);
}

void compared_end(struct compared *compared)
{
    mlg_arena_free(&compared->arena);
    world_memory_free(&compared->memory);
}
