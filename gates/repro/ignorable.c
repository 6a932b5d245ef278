/* What `ignore` could name of what differs: all of it for programs, and advice where all may be meant to. */
#include <stdlib.h>
#include <string.h>

#include "mlgate/text.h"
#include "repro_private.h"

struct patterns {
    const char **items;
    size_t count, capacity;
    struct mlg_arena *arena;
    bool failed;
};

/* Adds the pattern to those that are there already, once where they are few. */
static void add_pattern(struct patterns *patterns, const char *pattern)
{
    const char **items = mlg_arena_grow(patterns->arena, patterns->items, &patterns->capacity,
                                        patterns->count + 1, sizeof *items);
    patterns->failed |= !items || !pattern;
    if (patterns->failed)
        return;
    patterns->items = items;
    items[patterns->count++] = pattern;
}

static int by_text(const void *x, const void *y)
{
    const char *const *a = x, *const *b = y;
    return strcmp(*a, *b);
}

/* Each once, by name. */
static void sort_patterns(struct patterns *patterns)
{
    size_t kept = 0;
    if (patterns->count > 0)
        qsort(patterns->items, patterns->count, sizeof *patterns->items, by_text);
    for (size_t i = 0; i < patterns->count; i++)
        if (kept == 0 || strcmp(patterns->items[i], patterns->items[kept - 1]) != 0)
            patterns->items[kept++] = patterns->items[i];
    patterns->count = kept;
}

/* ---- advice ---------------------------------------------------------------------------------------- */

/* Is it a time, or how long something took, by its name? */
static bool is_of_time(const char *key)
{
    static const char *const words[] = {"time", "date", "second", "elapsed", "duration"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(key, words[i]))
            return true;
    return mlg_text_ends_with(key, "_at");
}

static const char *last_step(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Adds the keys of a JSON document whose values differ. False: one of them is neither a text nor a time, such
 * as a number that a model came to. */
static bool add_keys(struct patterns *patterns, const struct mlg_part *part)
{
    if (part->why || part->key_count == 0 || part->has_more_keys ||
        part->distance.beyond >= part->distance.elements)
        return false;
    for (size_t k = 0; k < part->key_count; k++) {
        if (!part->keys[k].is_text && !is_of_time(last_step(part->keys[k].path)))
            return false;
        add_pattern(patterns, part->keys[k].path);
    }
    return true;
}

static bool is_text(const char *value)
{
    return !value || value[0] == '"';
}

/* The same of a value of a PyTorch file, which is a part of its own. */
static bool add_value(struct patterns *patterns, const struct mlg_part *part)
{
    bool is_named = part->name[0] && !part->why && part->place_count > 0;
    for (size_t k = 0; k < part->place_count; k++)
        is_named = is_named && ((part->distance.beyond <= part->place_count && is_text(part->places[k].a) &&
                                 is_text(part->places[k].b)) ||
                                is_of_time(last_step(part->name)));
    if (is_named)
        add_pattern(patterns, part->name);
    return is_named;
}

/* Adds what would leave out all that differs in the part. False: something else differs, too. */
static bool add_part(struct patterns *patterns, const struct mlg_part *part)
{
    const struct mlg_distance *distance = &part->distance;
    const bool is_few = part->place_count > 0 && distance->beyond <= part->place_count &&
                        distance->beyond < distance->elements;
    if (mlg_text_ends_with(part->name, ".debug_pkl")) { /* of TorchScript: names and lines of its source */
        add_pattern(patterns, "*.debug_pkl");
        return true;
    }
    switch (part->kind) {
    case MLG_PART_JSON:
    case MLG_PART_LINES:
        return add_keys(patterns, part);
    case MLG_PART_VALUE:
        return add_value(patterns, part);
    case MLG_PART_TEXT:
        if (!part->name[0] || !(is_few || mlg_text_ends_with(part->name, ".log")))
            return false;
        add_pattern(patterns, part->name);
        return true;
    default:
        return false;
    }
}

const char *repro_ignorable(const struct finding *finding, bool is_distance, struct mlg_arena *arena)
{
    enum { NAMED = 8 };
    const struct mlg_comparison *comparison = finding->pair.comparison;
    struct patterns patterns = {.arena = arena};
    for (size_t i = 0; comparison && i < comparison->part_count; i++)
        if (repro_is_telling(finding, &comparison->parts[i], is_distance) &&
            !add_part(&patterns, &comparison->parts[i]))
            return NULL;
    if (patterns.failed || patterns.count == 0)
        return NULL;
    sort_patterns(&patterns);
    const size_t named = patterns.count > NAMED ? NAMED : patterns.count;
    const char *text = NULL;
    for (size_t i = 0; i < named; i++)
        text = mlg_arena_format(arena, "%s%s'%s'", text ? text : "",
                                !text                     ? ""
                                : i + 1 == patterns.count ? " and "
                                                          : ", ",
                                patterns.items[i]);
    if (text && patterns.count > named)
        text = mlg_arena_format(arena, "%s and %s more ('differing' in results.json has all)", text,
                                mlg_count_text(patterns.count - named, arena));
    return text ? mlg_arena_format(arena, "where %s %s meant to differ, name %s in 'ignore'", text,
                                   patterns.count > 1 ? "are" : "is", patterns.count > 1 ? "them" : "it")
                : NULL;
}

/* ---- all that differs ------------------------------------------------------------------------------ */

/* False: there is more than its comparison has kept. */
static bool list_parts(struct patterns *patterns, const struct finding *finding, bool is_distance)
{
    const struct mlg_comparison *comparison = finding->pair.comparison;
    bool has_all = true;
    for (size_t i = 0; comparison && i < comparison->part_count; i++) {
        const struct mlg_part *part = &comparison->parts[i];
        if (!repro_is_telling(finding, part, is_distance))
            continue;
        for (size_t k = 0; k < part->key_count; k++)
            add_pattern(patterns, part->keys[k].path);
        has_all &= !part->has_more_keys;
        if (part->key_count == 0 && part->name[0])
            add_pattern(patterns, part->name);
    }
    return has_all;
}

void repro_list_differing(const struct repro_run *state, size_t check, const struct finding *worst,
                          struct mlg_check_result *result)
{
    enum { MOST = 100 };
    const bool is_distance = !repro_is_predicate(&state->calls[check]);
    struct patterns patterns = {.arena = state->run->arena};
    bool has_all = list_parts(&patterns, worst, is_distance);
    for (size_t r = 1; r < state->run_count; r++) {
        struct finding finding;
        struct mlg_error ignored = {0};
        if (repro_base_of(state, state->runs[r]) != state->runs[r] &&
            repro_look_at_run(state, check, state->runs[r], &finding, &ignored) == MLG_OK)
            has_all &= list_parts(&patterns, &finding, is_distance);
    }
    if (patterns.failed || patterns.count == 0)
        return;
    sort_patterns(&patterns);
    result->differing = patterns.items;
    result->differing_count = patterns.count > MOST ? MOST : patterns.count;
    result->differing_of = (struct mlg_optional){has_all, (double)patterns.count};
}
