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

/* A tolerance is for 'identical': a distance tells what moves within it too. */
bool repro_is_telling(const struct finding *finding, const struct mlg_part *part, bool is_distance)
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
        if (!repro_is_telling(finding, part, is_distance))
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

static const char *name_of(const struct mlg_part *part, const char *file)
{
    return part->name[0] ? part->name : part->kind == MLG_PART_ROWS ? "rows" : file;
}

/* "; 7 more parts differ: 'b', 'c', 'd' and 4 more" */
static const char *describe_more(const struct finding *finding, const struct mlg_part *told, size_t count,
                                 const char *file, bool is_distance, struct mlg_arena *arena)
{
    enum { NAMED = 3 };
    const struct mlg_comparison *comparison = finding->pair.comparison;
    const char *text = mlg_arena_format(arena, "; %s more %s", mlg_count_text(count, arena),
                                        mlg_plural(count, "part differs", "parts differ"));
    size_t named = 0;
    for (size_t i = 0; text && i < comparison->part_count && named < NAMED; i++) {
        const struct mlg_part *part = &comparison->parts[i];
        if (part == told || !repro_is_telling(finding, part, is_distance))
            continue;
        const char *between = named == 0 ? ": " : named + 1 == count && named + 1 <= NAMED ? " and " : ", ";
        text = mlg_arena_format(arena, "%s%s'%s'", text, between, name_of(part, file));
        named++;
    }
    return text && count > named
               ? mlg_arena_format(arena, "%s and %s more, which 'differing' in results.json has", text,
                                  mlg_count_text(count - named, arena))
               : text;
}

const char *repro_describe(const struct finding *finding, const char *file, bool is_distance,
                           struct mlg_arena *arena)
{
    size_t count;
    const struct mlg_part *part = find_part(finding, is_distance, &count);
    const char *text = part ? describe_part(finding, part, file, is_distance, arena) : NULL;
    if (text && count > 1) {
        const char *more = describe_more(finding, part, count - 1, file, is_distance, arena);
        return mlg_arena_format(arena, "%s%s", text, more ? more : "");
    }
    return part || finding->pair.same_bytes
               ? text
               : mlg_arena_format(arena, "%s: the bytes of '%s' are others", finding->with, file);
}

/* Is it what sums come to in another order? Relative, or of float32, which has fewer digits, in its own
 * steps; near zero, where what cancels out leaves nothing to be relative to, absolute. */
static bool is_tiny(const struct mlg_part *part)
{
    static const double relative = 1e-10, absolute = 1e-12; /* times of two runs are further apart */
    enum { FEW_STEPS = 8 };
    const struct mlg_distance *distance = &part->distance;
    const bool is_float = part->kind == MLG_PART_TENSOR && part->what && strncmp(part->what, "float", 5) == 0;
    return !distance->undefined && distance->max_abs_difference > 0 &&
           (distance->max_rel_difference <= relative || distance->max_abs_difference <= absolute ||
            (is_float && distance->max_ulp <= FEW_STEPS));
}

bool repro_is_tiny(const struct finding *finding, bool is_distance)
{
    static const double score = 1e-9;
    const struct mlg_comparison *comparison = finding->pair.comparison;
    const struct mlg_flips *flips = finding->pair.flips;
    bool is = false;
    if (finding->undefined)
        return false;
    if (flips)
        return is_distance && flips->max_score_change > 0 && flips->max_score_change <= score;
    for (size_t i = 0; comparison && i < comparison->part_count; i++)
        if (repro_is_telling(finding, &comparison->parts[i], is_distance)) {
            is = is_tiny(&comparison->parts[i]);
            if (!is)
                break;
        }
    return is;
}

const char *repro_told_part(const struct finding *finding, bool is_distance)
{
    size_t count;
    const struct mlg_part *part = find_part(finding, is_distance, &count);
    return part ? part->name : NULL;
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

/* The directory of the runs, and as a part of a path of JSON has it: "/tmp/a", "~1tmp~1a". */
struct root {
    const char *names[2];
};

static struct root find_root(const char *path, struct mlg_arena *arena)
{
    const char *text = "";
    for (const char *at = path; text && *at; at += *at == '/') {
        const size_t size = strcspn(at, "/");
        text = mlg_arena_format(arena, "%s%.*s%s", text, (int)size, at, at[size] == '/' ? "~1" : "");
        at += size;
    }
    return (struct root){{path, text ? text : path}};
}

static const char *with_fresh(const char *text, const struct root *root, struct mlg_arena *arena)
{
    for (size_t i = 0; text && i < 2; i++) {
        struct mlg_builder out;
        if (!strstr(text, root->names[i]))
            continue;
        mlg_builder_init(&out, 0);
        mlg_put_fresh(&out, text, root->names[i]);
        const char *told = out.failed ? NULL : mlg_arena_copy(arena, out.data, out.size);
        mlg_builder_free(&out);
        text = told ? told : text;
    }
    return text;
}

static void make_fresh(struct mlg_check_result *checks, size_t count, const struct root *root,
                       struct mlg_arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        struct mlg_check_result *check = &checks[i];
        check->reason = with_fresh(check->reason, root, arena);
        check->advice = with_fresh(check->advice, root, arena);
        for (size_t k = 0; k < check->note_count; k++)
            check->notes[k] = with_fresh(check->notes[k], root, arena);
        for (size_t k = 0; k < check->differing_count; k++)
            check->differing[k] = with_fresh(check->differing[k], root, arena);
    }
}

void repro_tell_fresh(const struct repro_run *state, struct mlg_gate_result *result, struct mlg_error *error)
{
    struct mlg_arena *arena = state->run->arena;
    const struct root root = find_root(mlg_rerun_look(state->rerun).root, arena);
    make_fresh(result->checks, result->check_count, &root, arena);
    make_fresh(result->reported, result->reported_count, &root, arena);
    for (size_t i = 0; i < result->printed_count; i++)
        result->printed[i] = with_fresh(result->printed[i], &root, arena);
    /* An error of the machine itself says where that is. */
    const bool is_of_runs = error && error->code != MLG_WORLD;
    const char *told = is_of_runs ? with_fresh(error->text, &root, arena) : NULL;
    if (told && told != error->text)
        mlg_error_at(error, error->code, error->place, "%s", told);
}
