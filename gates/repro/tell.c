/* What is told of a finding: one sentence with a place in it. */
#include <math.h>
#include <string.h>

#include "mlgate/text.h"
#include "repro_private.h"

/* "run 2: 2 rows of 'p.csv' have no partner: first id=17, only there, and id=4, not there" */
static const char *describe_rows(const struct finding *finding, const struct mlg_part *part, const char *name,
                                 struct mlg_arena *arena)
{
    const char *text = mlg_arena_format(arena, "%s: %s %s of %s %s no partner", finding->with,
                                        mlg_count_text(part->distance.differ, arena),
                                        mlg_plural(part->distance.differ, "row", "rows"), name,
                                        mlg_plural(part->distance.differ, "has", "have"));
    for (size_t i = 0; text && part->places && i < part->place_count; i++)
        text = mlg_arena_format(arena, "%s%s%s, %s", text, i ? ", and " : ": first ", part->places[i].place,
                                part->places[i].a ? "only there" : "not there");
    return text;
}

static const char *shown(const char *text, struct mlg_arena *arena)
{
    if (!text)
        return "nothing";
    return mlg_text_needs_quotes(text) ? mlg_arena_format(arena, "'%s'", text) : text;
}

/* Is the part a reason of what was found? A tolerance is for 'identical': a distance tells what moves within
 * it too. */
static bool is_telling(const struct finding *finding, const struct mlg_part *part, bool is_distance)
{
    const bool moves = is_distance && !finding->undefined && part->distance.differ > 0;
    return (part->verdict > MLG_PART_SAME || moves) && (!finding->undefined || part->distance.undefined);
}

/* The first part that tells, of a distance the one that is furthest off; *count: how many tell. */
static const struct mlg_part *find_part(const struct finding *finding, bool is_distance, size_t *count)
{
    const struct mlg_comparison *comparison = finding->pair.comparison;
    const struct mlg_part *found = NULL;
    *count = 0;
    for (size_t i = 0; comparison && i < comparison->part_count; i++) {
        const struct mlg_part *part = &comparison->parts[i];
        if (!is_telling(finding, part, is_distance))
            continue;
        if (!found || (is_distance && part->distance.max_abs_difference > found->distance.max_abs_difference))
            found = part;
        (*count)++;
    }
    return found;
}

static const char *describe_part(const struct finding *finding, const struct mlg_part *part, const char *file,
                                 bool is_distance, struct mlg_arena *arena)
{
    char number[MLG_NUMBER_SIZE] = "infinity";
    if (isfinite(part->distance.max_abs_difference))
        mlg_number_print(part->distance.max_abs_difference, number);
    const char *name = mlg_arena_format(arena, "'%s'", part->name[0] ? part->name : file);
    const struct mlg_part_place *first = part->place_count ? &part->places[0] : NULL;
    const char *place = first && (first->a || first->b)
                            ? mlg_arena_format(arena, ", first at %s: %s against %s", first->place,
                                               shown(first->a, arena), shown(first->b, arena))
                            : "";
    const bool has_distance = part->distance.numbers && part->distance.max_abs_difference > 0;
    if (part->verdict > MLG_PART_DIFFERENT)
        return mlg_arena_format(arena, "%s: %s is %s%s%s", finding->with, name,
                                part->verdict == MLG_PART_ONLY_A   ? "only there"
                                : part->verdict == MLG_PART_ONLY_B ? "not there"
                                                                   : "different, and nobody can read it",
                                part->why ? "; " : "", part->why ? part->why : place);
    if (part->kind == MLG_PART_ROWS)
        return describe_rows(finding, part, name, arena);
    if (part->why)
        return mlg_arena_format(arena, "%s: %s is another: %s", finding->with, name, part->why);
    return mlg_arena_format(
        arena, "%s: %s%s%s%s differs in %s of %s elements%s%s%s%s", finding->with, name,
        part->what ? " (" : "", part->what ? part->what : "", part->what ? ")" : "",
        mlg_count_text(is_distance ? part->distance.differ : part->distance.beyond, arena),
        mlg_count_text(part->distance.elements, arena), has_distance ? ", by " : "",
        has_distance ? number : "", has_distance ? " at most" : "", place);
}

const char *repro_describe(const struct finding *finding, const char *file, bool is_distance,
                           struct mlg_arena *arena)
{
    size_t count;
    const struct mlg_part *part = find_part(finding, is_distance, &count);
    const char *text = part ? describe_part(finding, part, file, is_distance, arena) : NULL;
    if (text && count > 1)
        return mlg_arena_format(arena, "%s; %s more %s", text, mlg_count_text(count - 1, arena),
                                mlg_plural(count - 1, "part differs", "parts differ"));
    return part || finding->pair.same_bytes
               ? text
               : mlg_arena_format(arena, "%s: the bytes of '%s' are others", finding->with, file);
}

/* ---- what may be meant to differ ---------------------------------------------------------------------- */

struct patterns {
    const char *items[3];
    size_t count;
};

/* Is it a time, or how long something took, by its name? */
static bool is_of_time(const char *key)
{
    static const char *const words[] = {"time", "date", "second", "elapsed", "duration"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strstr(key, words[i]))
            return true;
    return mlg_text_ends_with(key, "_at");
}

/* The path of a place in a JSON document, as `ignore` has it, where a text stands there or a time; NULL:
 * something else, such as a number that a model came to. */
static const char *key_of(const struct mlg_part *part, const struct mlg_part_place *place)
{
    const size_t size = strlen(part->name);
    const char *path = strncmp(place->place, part->name, size) == 0 ? place->place + size : place->place;
    if (strncmp(path + (*path == ' '), "line ", 5) == 0)
        path = strstr(path, " /");
    if (!path)
        return NULL;
    path += *path == ' ';
    const bool is_text = (!place->a || place->a[0] == '"') && (!place->b || place->b[0] == '"');
    return path[0] == '/' && (is_text || is_of_time(strrchr(path, '/'))) ? path : NULL;
}

/* "/epochs/0/seconds" as "/epochs/" "*" "/seconds": what holds for one element of a list holds for all. NULL:
 * no memory. */
static const char *without_numbers(const char *path, struct mlg_arena *arena)
{
    char *pattern = mlg_arena_copy(arena, path, strlen(path)), *out = pattern;
    for (const char *step = path; pattern && *step; step += strcspn(step + 1, "/") + 1) {
        const size_t size = strcspn(step + 1, "/"), digits = strspn(step + 1, "0123456789");
        const bool is_number = size > 0 && digits == size;
        *out++ = '/';
        memmove(out, is_number ? "*" : step + 1, is_number ? 1 : size);
        out += is_number ? 1 : size;
        *out = '\0';
    }
    return pattern;
}

/* Adds the pattern to those that are there already, once. False: they are too many. */
static bool add_pattern(struct patterns *patterns, const char *pattern)
{
    if (!pattern || mlg_text_is_among(pattern, patterns->items, patterns->count))
        return pattern != NULL;
    if (patterns->count == sizeof patterns->items / sizeof *patterns->items)
        return false;
    patterns->items[patterns->count++] = pattern;
    return true;
}

/* Adds what would leave out all that differs in the part. False: something else differs, too. */
static bool add_patterns(struct patterns *patterns, const struct mlg_part *part, struct mlg_arena *arena)
{
    const struct mlg_distance *distance = &part->distance;
    const bool is_few = part->place_count > 0 && distance->beyond <= part->place_count &&
                        distance->beyond < distance->elements;
    if (part->kind == MLG_PART_TEXT)
        return part->name[0] && (is_few || mlg_text_ends_with(part->name, ".log")) &&
               add_pattern(patterns, part->name);
    if ((part->kind != MLG_PART_JSON && part->kind != MLG_PART_LINES) || !is_few || part->why)
        return false;
    for (size_t k = 0; k < part->place_count; k++) {
        const char *key = key_of(part, &part->places[k]);
        if (!key || !add_pattern(patterns, without_numbers(key, arena)))
            return false;
    }
    return true;
}

const char *repro_ignorable(const struct finding *finding, bool is_distance, struct mlg_arena *arena)
{
    const struct mlg_comparison *comparison = finding->pair.comparison;
    struct patterns patterns = {.count = 0};
    for (size_t i = 0; comparison && i < comparison->part_count; i++)
        if (is_telling(finding, &comparison->parts[i], is_distance) &&
            !add_patterns(&patterns, &comparison->parts[i], arena))
            return NULL;
    const char *text = NULL;
    for (size_t i = 0; i < patterns.count; i++)
        text = mlg_arena_format(arena, "%s%s'%s'", text ? text : "", text ? " and " : "", patterns.items[i]);
    return text ? mlg_arena_format(arena, "where %s %s meant to differ, name %s in 'ignore'", text,
                                   patterns.count > 1 ? "are" : "is", patterns.count > 1 ? "them" : "it")
                : NULL;
}

const char *repro_describe_flips(const struct finding *finding, struct mlg_arena *arena)
{
    const struct mlg_flips *flips = finding->pair.flips;
    const char *text =
        mlg_arena_format(arena, "%s: %s of %s predictions changed", finding->with,
                         mlg_count_text(flips->changed, arena), mlg_count_text(flips->n, arena));
    if (text && finding->changed > flips->changed)
        text = mlg_arena_format(arena, "%s (in any of %zu runs: %s)", text, finding->tables - 1,
                                mlg_count_text(finding->changed, arena));
    if (text && flips->labelled)
        text = mlg_arena_format(arena, "%s, %s from right to wrong and %s from wrong to right", text,
                                mlg_count_text(flips->correct_to_wrong, arena),
                                mlg_count_text(flips->wrong_to_correct, arena));
    return text;
}

const char *repro_describe_missing(const struct finding *finding, bool of_scores, struct mlg_arena *arena)
{
    const struct mlg_flips *flips = finding->pair.flips;
    if (of_scores && flips->missing_scores > 0)
        return mlg_arena_format(arena, "%s: %s of %s scores are missing in both: they are not compared",
                                finding->with, mlg_count_text(flips->missing_scores, arena),
                                mlg_count_text(flips->scores, arena));
    if (!of_scores && finding->missing > 0)
        return mlg_arena_format(arena, "in %s of %s rows no run has a prediction: they are not compared",
                                mlg_count_text(finding->missing, arena),
                                mlg_count_text(finding->missing + finding->rows, arena));
    return NULL;
}

const char *repro_describe_scores(const struct finding *finding, struct mlg_arena *arena)
{
    return mlg_arena_format(arena, "%s: a score changes most at %s", finding->with,
                            finding->pair.flips->max_score_text);
}

const char *repro_describe_other_rows(const struct repro_run *state, const struct finding *finding)
{
    struct mlg_arena *arena = state->run->arena;
    const struct mlg_flips *flips = finding->pair.flips;
    const char *only = repro_without_places(state, flips->only);
    const uint64_t count = flips->only_a + flips->only_b;
    return count == 1 ? mlg_arena_format(arena, "%s: %s", finding->with, only)
                      : mlg_arena_format(arena, "%s: %s; %s rows have no partner", finding->with, only,
                                         mlg_count_text(count, arena));
}
