/* Two files of one output, a run's and another run's or what 'against' names, as a quantity looks at them.
 * Each pair is read once, however many checks look at it.
 */
#include <string.h>

#include "mlgate/text.h"
#include "repro_private.h"

/* What was found of two files, for the checks and the search that look at them again. */
struct known_pair {
    const char *a, *b;
    const struct mlg_comparison *comparison;
    const struct mlg_flips *flips;
    const struct mlg_comparison *inside; /* of one file with itself, for what it holds */
    bool is_looked_into;
    const char *const *beside; /* of one file that is a model: what has values of it, seen from {output};
                                  NULL: not known yet */
    size_t beside_count;
    bool is_compared; /* by meaning, with what lies beside it */
    struct known_pair *next;
};

size_t repro_output_index(const struct repro_options *options, const char *file)
{
    size_t i = 0;
    while (i < options->outputs.count && strcmp(options->outputs.items[i], file) != 0)
        i++;
    return i;
}

/* The pair as it is known; one of which nothing is known yet is added. NULL: no memory. */
static struct known_pair *find_pair(const struct repro_run *state, const char *a, const char *b)
{
    struct known_pair *pair = *state->known;
    while (pair && (strcmp(pair->a, a) != 0 || strcmp(pair->b, b) != 0))
        pair = pair->next;
    if (pair || !(pair = MLG_NEW(state->run->arena, struct known_pair)))
        return pair;
    *pair = (struct known_pair){.a = a, .b = b, .next = *state->known};
    *state->known = pair;
    return pair;
}

static int compare_predictions(const struct repro_run *state, struct known_pair *known,
                               struct mlg_error *error)
{
    const struct repro_options *options = state->options;
    const struct mlg_flips_options flips_options = {.prediction = options->prediction,
                                                    .id = options->id,
                                                    .label = options->label,
                                                    .scores = options->score.items,
                                                    .score_count = options->score.count};
    struct mlg_flips *flips = MLG_NEW(state->run->arena, struct mlg_flips);
    const int code = flips ? mlg_compare_predictions(state->run->world, known->a, known->b, &flips_options,
                                                     state->run->arena, flips, error)
                           : repro_no_memory(error);
    known->flips = code == MLG_OK ? flips : NULL;
    return code;
}

static int compare_files(const struct repro_run *state, struct known_pair *known, bool looks_inside,
                         struct mlg_error *error)
{
    const struct repro_options *options = state->options;
    const struct mlg_compare_options compare_options = {.absolute = options->tolerance,
                                                        .relative = options->relative,
                                                        .ignore = options->ignore.items,
                                                        .ignore_count = options->ignore.count,
                                                        .id = looks_inside ? NULL : options->id,
                                                        .id_where_it_is = true,
                                                        .looks_inside = looks_inside};
    struct mlg_comparison *comparison = MLG_NEW(state->run->arena, struct mlg_comparison);
    const int code = comparison ? mlg_compare_files(state->run->world, known->a, known->b, &compare_options,
                                                    state->run->arena, comparison, error)
                                : repro_no_memory(error);
    known->comparison = code == MLG_OK ? comparison : NULL;
    return code;
}

/* A damaged container has the same bytes in all runs, and no meaning. */
static int check_readable(const struct repro_run *state, const char *file, struct mlg_error *error)
{
    struct known_pair *known = find_pair(state, file, file);
    return !known              ? repro_no_memory(error)
           : known->comparison ? MLG_OK
                               : compare_files(state, known, false, error);
}

/* The same bytes in all runs may hold no numbers, or no rows: what is in one of the files, for a distance
 * (*inside NULL: it is too large to be looked into), and for a predicate whether there is anything, which a
 * small file alone leaves open. */
static int look_inside(const struct repro_run *state, const struct mlg_repro_kernel *kernel, const char *file,
                       const struct mlg_comparison **inside, struct mlg_error *error)
{
    enum { SMALL = 64 * 1024 };
    struct known_pair *kept = find_pair(state, file, file), known = {.a = file, .b = file};
    struct mlg_error own = {0};
    const bool is_distance = kernel->kind == MLG_REPRO_DISTANCE;
    struct mlg_entry entry = {0};
    const struct mlg_world *world = state->run->world;
    if (!kept)
        return repro_no_memory(error);
    *inside = kept->inside;
    if (kept->is_looked_into)
        return MLG_OK;
    int code = world->runner->look(world->self, file, &entry, error);
    if (code != MLG_OK || (!is_distance && entry.size > SMALL))
        return code;
    code = compare_files(state, &known, true, &own);
    kept->is_looked_into = code == MLG_OK || code == MLG_LIMIT;
    *inside = kept->inside = known.comparison;
    if (code == MLG_OK || code == MLG_LIMIT ||
        (!is_distance && !strstr(own.text, "has no rows") && !strstr(own.text, "holds nothing")))
        return MLG_OK;
    *error = own;
    return code;
}

/* Finds the files beside the model, which is the output `output` and lies at `path`, that have values of it.
 * Those of a run have to be outputs: what is none is neither known to be of this run, nor kept as it was. */
static int find_beside(const struct repro_run *state, const struct mlg_repro_kernel *kernel, size_t output,
                       const char *path, bool is_of_run, struct known_pair *known, struct mlg_error *error)
{
    const struct mlg_texts *outputs = &state->options->outputs;
    const char *name = outputs->items[output], *slash = strrchr(name, '/');
    const int directory = slash ? (int)(slash - name) + 1 : 0;
    const char *const *files;
    struct mlg_error own = {0};
    size_t count;
    int code = mlg_compare_data_files(state->run->world, path, state->run->arena, &files, &count, &own);
    if (code != MLG_OK && !kernel->needs_comparison) /* bytes alone are looked at */
        return MLG_OK;
    if (code != MLG_OK)
        return mlg_error_set(
            error, own.code, "%s%s", own.text,
            is_of_run && strstr(own.text, "which is not there") ? ", and 'outputs' has to name it" : "");
    const char **beside = MLG_NEW_ARRAY(state->run->arena, const char *, count + 1);
    for (size_t i = 0; beside && i < count; i++) {
        size_t k = 0;
        beside[i] = mlg_arena_format(state->run->arena, "%.*s%s", directory, name, files[i]);
        if (!beside[i])
            return repro_no_memory(error);
        while (k < outputs->count && !mlg_path_is_below(beside[i], outputs->items[k]))
            k++;
        if (is_of_run && k == outputs->count)
            return mlg_error_set(error, MLG_DATA,
                                 "values of the model '%s' lie in '%s', which is not among the 'outputs'; "
                                 "add it there",
                                 name, beside[i]);
    }
    known->beside = beside;
    known->beside_count = count;
    return beside ? MLG_OK : repro_no_memory(error);
}

/* Have two files of an output, of one SHA-256 or not, nothing more that could differ? Of models whose values
 * lie beside them that is not known. */
static int find_same(const struct repro_run *state, size_t check, const char *a, bool a_is_of_run,
                     const char *b, bool *same, struct mlg_error *error)
{
    const struct mlg_repro_kernel *kernel = mlg_repro_kernel_of(&state->calls[check]);
    const size_t output = repro_output_index(state->options, state->calls[check].arguments.file);
    const char *const paths[] = {b, a};
    for (int side = 0; side < 2; side++) {
        struct known_pair *known = find_pair(state, paths[side], paths[side]);
        const int code = !known          ? repro_no_memory(error)
                         : known->beside ? MLG_OK
                                         : find_beside(state, kernel, output, paths[side],
                                                       side == 0 || a_is_of_run, known, error);
        if (code != MLG_OK)
            return code;
        known->is_compared |= kernel->needs_comparison;
        *same = *same && !(known->beside_count > 0 && kernel->needs_comparison);
    }
    return MLG_OK;
}

bool repro_is_beside(const struct repro_run *state, const char *output)
{
    for (const struct known_pair *known = *state->known; known; known = known->next)
        if (known->is_compared && mlg_text_is_among(output, known->beside, known->beside_count))
            return true;
    return false;
}

/* Does a check look at what lies in `file`, which has values of the model `model`? */
static bool is_looked_at(const struct repro_run *state, const char *model, const char *file)
{
    for (size_t c = 0; c < state->run->config->checks.count; c++) {
        const char *looked = state->calls[c].arguments.file;
        if (looked &&
            (mlg_path_is_below(file, looked) ||
             (strcmp(looked, model) == 0 && mlg_repro_kernel_of(&state->calls[c])->needs_comparison)))
            return true;
    }
    return false;
}

const char *repro_describe_beside(const struct repro_run *state, size_t check)
{
    const struct mlg_repro_kernel *kernel = mlg_repro_kernel_of(&state->calls[check]);
    const char *model = state->calls[check].arguments.file;
    if (kernel->kind != MLG_REPRO_PREDICATE || kernel->needs_comparison)
        return NULL;
    const char *path = state->runs[0]->outputs[repro_output_index(state->options, model)].path;
    const struct known_pair *known = find_pair(state, path, path);
    for (size_t i = 0; known && i < known->beside_count; i++)
        if (!is_looked_at(state, model, known->beside[i]))
            return mlg_arena_format(state->run->arena,
                                    "values of it lie in '%s', which are not part of these bytes; "
                                    "identical(%s) reads them",
                                    known->beside[i], model);
    return NULL;
}

int repro_find_same(const struct repro_run *state, size_t check, const struct mlg_rerun_run *run, bool *same,
                    struct mlg_error *error)
{
    const size_t i = repro_output_index(state->options, state->calls[check].arguments.file);
    const struct mlg_rerun_file *ours = &run->outputs[i], *first = &repro_base_of(state, run)->outputs[i];
    *same = strcmp(ours->sha256, first->sha256) == 0;
    return find_same(state, check, ours->path, true, first->path, same, error);
}

/* Two files of one output, the second one the first run's, as far as the kernel looks at them. Each pair is
 * read once, however many checks look at it. */
static int compare(const struct repro_run *state, const struct mlg_repro_kernel *kernel, const char *a,
                   const char *b, bool same_bytes, struct mlg_repro_pair *pair, struct mlg_error *error)
{
    const char *tables[] = {a, b};
    const struct repro_options *options = state->options;
    const char *column =
        options->prediction || !options->score.count ? options->prediction : options->score.items[0];
    int code = kernel->needs_flips ? repro_find_tables(state, column, tables, 2, error) : MLG_OK;
    struct known_pair *known = code == MLG_OK ? find_pair(state, tables[0], tables[1]) : NULL;
    if (code != MLG_OK)
        return code;
    *pair = (struct mlg_repro_pair){.same_bytes = same_bytes};
    if (!known)
        return repro_no_memory(error);
    if (kernel->needs_flips) {
        code = known->flips ? MLG_OK : compare_predictions(state, known, error);
        pair->flips = known->flips;
    } else if (kernel->needs_comparison && !same_bytes) {
        code = known->comparison ? MLG_OK : compare_files(state, known, false, error);
        pair->comparison = known->comparison;
        pair->same_bytes = code == MLG_OK && pair->comparison->identical_bytes;
    }
    if (code == MLG_OK && kernel->needs_comparison && pair->same_bytes) {
        code = check_readable(state, b, error);
        if (code == MLG_OK)
            code = look_inside(state, kernel, b, &pair->comparison, error);
    }
    if (code == MLG_OK && pair->comparison && pair->comparison->same && pair->comparison->total.elements == 0)
        return mlg_error_set(error, MLG_DATA, "'%s' holds nothing, so that there is nothing to compare", b);
    const bool is_distance = kernel->needs_comparison && kernel->kind == MLG_REPRO_DISTANCE;
    const struct mlg_distance *total = pair->comparison ? &pair->comparison->total : NULL;
    if (code == MLG_OK && is_distance && total && total->numbers == 0 && !total->undefined)
        code = mlg_error_set(error, MLG_DATA,
                             "'%s' holds no numbers that can be read, so that there is no distance; "
                             "'identical' compares what it holds",
                             b);
    return code;
}

static int look(const struct repro_run *state, size_t check, const char *a, const char *b, bool same_bytes,
                const char *with, struct finding *finding, struct mlg_error *error)
{
    const struct mlg_repro_kernel *kernel = mlg_repro_kernel_of(&state->calls[check]);
    *finding = (struct finding){.with = with};
    const int code = compare(state, kernel, a, b, same_bytes, &finding->pair, error);
    if (code == MLG_OK)
        finding->value = kernel->value(&finding->pair, &finding->undefined);
    return code;
}

/* Does a name go on there, as that of "m.json" does in "m.jsonl" and "m.json.gz"? */
static bool goes_on(const char *after)
{
    const char next = after[0] == '.' ? after[1] : after[0];
    return (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z') || (next >= '0' && next <= '9') ||
           next == '_' || next == '-';
}

const char *repro_without_places(const struct repro_run *state, const char *text)
{
    struct mlg_arena *arena = state->run->arena;
    for (size_t r = 0; text && r < state->run_count; r++)
        for (size_t i = 0; text && i < state->options->outputs.count; i++) {
            const char *path = state->runs[r]->outputs[i].path, *name = state->options->outputs.items[i];
            const char *found, *from = text;
            while (text && (found = strstr(from, path))) {
                const char *after = found + strlen(path);
                from = after;
                if (goes_on(after)) /* another file, whose path begins with this one */
                    continue;
                const bool is_quoted = found > text && found[-1] == '\'' && strchr("'/", after[0]);
                const size_t below = is_quoted ? strcspn(after, "'") : 0; /* of a file in a directory */
                text =
                    mlg_arena_format(arena, is_quoted ? "%.*s%s%.*s' of run %u%s" : "%.*s%s%.*s (run %u)%s",
                                     (int)(found - text), text, name, (int)below, after,
                                     state->runs[r]->number, after + below + (is_quoted && after[below]));
                from = text;
            }
        }
    return text;
}

/* "'runs/2/p.csv', line 3: empty line" */
static const char *placed_text(const struct mlg_error *error, struct mlg_arena *arena)
{
    const struct mlg_place *place = &error->place;
    const char *text = NULL;
    if (place->file && place->line)
        text = mlg_arena_format(arena, "'%s', %s %lu: %s", place->file,
                                place->column == MLG_PLACE_ROW ? "row" : "line", place->line, error->text);
    else if (place->file && !strstr(error->text, place->file))
        text = mlg_arena_format(arena, "'%s': %s", place->file, error->text);
    return text ? text : mlg_kept_text(error->text, arena);
}

const char *repro_error_text(const struct repro_run *state, const struct mlg_error *error)
{
    return repro_without_places(state, placed_text(error, state->run->arena));
}

int repro_look_at_run(const struct repro_run *state, size_t check, const struct mlg_rerun_run *run,
                      struct finding *finding, struct mlg_error *error)
{
    const size_t i = repro_output_index(state->options, state->calls[check].arguments.file);
    const struct mlg_rerun_file *ours = &run->outputs[i], *first = &repro_base_of(state, run)->outputs[i];
    const char *with = repro_run_name(state, run);
    bool same = false;
    int code = repro_find_same(state, check, run, &same, error);
    if (code == MLG_OK)
        code = look(state, check, ours->path, first->path, same, with, finding, error);
    finding->seed = run->seed;
    return code;
}

/* What is there, links followed. */
static int look_behind(const struct repro_run *state, const char *path, struct mlg_entry *entry,
                       struct mlg_error *error)
{
    const struct mlg_world *world = state->run->world;
    struct mlg_error ignored = {0};
    const char *real = world->runner->real_path(world->self, path, state->run->arena, &ignored);
    return world->runner->look(world->self, real ? real : path, entry, error);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The directory that 'against' names has no such file. Is it the output itself, that is a directory then? It
 * is where both have one name, and where the output's has no ending, as those of files have. */
static bool is_output_itself(const struct repro_run *state, const char *directory, const char *output)
{
    const bool has_ending = strchr(last_part(output), '.') != NULL;
    return state->options->outputs.count == 1 &&
           (strcmp(last_part(directory), last_part(output)) == 0 || !has_ending);
}

int repro_find_against(const struct repro_run *state, size_t output, const char **path,
                       struct mlg_error *error)
{
    const char *name = state->options->outputs.items[output], *against = state->options->against;
    const char *given = mlg_suite_resolve_path(state->run->suite->path, against, state->run->arena);
    struct mlg_entry entry = {0}, within = {0};
    int code = given ? look_behind(state, given, &entry, error) : repro_no_memory(error);
    if (code != MLG_OK)
        return code;
    if (entry.kind == MLG_ENTRY_MISSING)
        return mlg_error_set(error, MLG_WORLD, "there is no '%s', which 'against' names", against);
    *path = given;
    if (entry.kind != MLG_ENTRY_DIRECTORY && state->options->outputs.count > 1)
        return mlg_error_set(
            error, MLG_CONFIG,
            "'against' is one file, '%s', and there are %zu outputs; name a directory that has them", against,
            state->options->outputs.count);
    if (entry.kind != MLG_ENTRY_DIRECTORY)
        return MLG_OK;
    const char *there = mlg_arena_format(state->run->arena, "%s/%s", given, name);
    code = there ? look_behind(state, there, &within, error) : repro_no_memory(error);
    if (code == MLG_OK && (within.kind != MLG_ENTRY_MISSING || !is_output_itself(state, given, name)))
        *path = there;
    return code;
}

/* Does a check hold the output against what 'against' names? */
static bool is_held_against(const struct repro_run *state, const char *file)
{
    bool is = false;
    for (size_t c = 0; c < state->run->config->checks.count && !is; c++) {
        const struct mlg_repro_kernel *kernel = mlg_repro_kernel_of(&state->calls[c]);
        is = mlg_text_equal(state->calls[c].arguments.file, file) &&
             (repro_is_of_two(kernel) || kernel->kind == MLG_REPRO_SPREAD);
    }
    return is;
}

static int refuse_lacking(const struct repro_run *state, size_t output, struct mlg_error *error)
{
    return mlg_error_set(error, MLG_WORLD, "there is no '%s' in '%s', which 'against' names",
                         state->options->outputs.items[output], state->options->against);
}

/* A digest of what has values of the model at `path`; "": it is no model, or none that can be read. */
static int digest_beside(const struct repro_run *state, const char *path, char sha256[65],
                         struct mlg_error *error)
{
    const char *const *files;
    size_t count;
    struct mlg_error own = {0};
    sha256[0] = '\0';
    int code = mlg_compare_data_files(state->run->world, path, state->run->arena, &files, &count, &own);
    if (code == MLG_OK && count > 0)
        code = mlg_compare_digest(state->run->world, path, NULL, sha256, &own);
    if (code == MLG_OK || code == MLG_DATA || code == MLG_LIMIT)
        return MLG_OK;
    *error = own;
    return code;
}

static int read_one_against(struct repro_run *state, size_t output, struct mlg_error *error)
{
    const char *path = NULL;
    const char *name = state->options->outputs.items[output];
    struct mlg_entry entry = {0};
    struct mlg_rerun_file file;
    int code = repro_find_against(state, output, &path, error);
    if (code == MLG_OK)
        code = look_behind(state, path, &entry, error);
    if (code != MLG_OK)
        return code;
    if (entry.kind == MLG_ENTRY_MISSING)
        return is_held_against(state, name) ? refuse_lacking(state, output, error) : MLG_OK;
    if (entry.kind != MLG_ENTRY_FILE && entry.kind != MLG_ENTRY_DIRECTORY)
        return mlg_error_set(error, MLG_WORLD,
                             "'%s', which 'against' names, is neither a file nor a directory", path);
    code = mlg_rerun_digest(state->run->world, name, path, state->run->arena, &file, error);
    if (code == MLG_OK && file.size == 0 && entry.kind == MLG_ENTRY_DIRECTORY)
        code = refuse_lacking(state, output, error);
    else if (code == MLG_OK && file.size == 0)
        code = mlg_error_set(error, MLG_DATA, "'%s', which 'against' names, is empty", path);
    if (code != MLG_OK)
        return code;
    memcpy(state->against_sha256[output], file.sha256, sizeof file.sha256);
    return digest_beside(state, path, state->against_beside[output], error);
}

int repro_read_against(struct repro_run *state, struct mlg_error *error)
{
    const size_t count = state->options->outputs.count;
    int code = MLG_OK;
    if (!state->run->world->runner)
        return mlg_error_set(error, MLG_WORLD, "commands cannot be run here");
    state->against_sha256 = mlg_arena_alloc(state->run->arena, count + 1, sizeof *state->against_sha256);
    state->against_beside = mlg_arena_alloc(state->run->arena, count + 1, sizeof *state->against_beside);
    if (!state->against_sha256 || !state->against_beside)
        return repro_no_memory(error);
    for (size_t i = 0; i < count; i++)
        state->against_sha256[i][0] = state->against_beside[i][0] = '\0';
    for (size_t i = 0; code == MLG_OK && i < count; i++)
        code = read_one_against(state, i, error);
    return code;
}

int repro_look_at_artefact(const struct repro_run *state, size_t check, struct finding *finding,
                           struct mlg_error *error)
{
    const size_t i = repro_output_index(state->options, state->calls[check].arguments.file);
    const struct mlg_rerun_file *first = &state->runs[0]->outputs[i];
    struct mlg_rerun_file file;
    struct mlg_entry entry = {0};
    const char *path = NULL;
    int code = repro_find_against(state, i, &path, error);
    if (code == MLG_OK)
        code = look_behind(state, path, &entry, error);
    if (code == MLG_OK && entry.kind == MLG_ENTRY_DIRECTORY && first->seen.kind == MLG_ENTRY_FILE)
        return refuse_lacking(state, i, error); /* it was taken for the output itself, which is a file */
    if (code == MLG_OK)
        code = mlg_rerun_digest(state->run->world, state->options->outputs.items[i], path, state->run->arena,
                                &file, error);
    char beside[65] = "";
    if (code == MLG_OK)
        code = digest_beside(state, path, beside, error);
    if (code == MLG_OK &&
        (strcmp(file.sha256, state->against_sha256[i]) != 0 || strcmp(beside, state->against_beside[i]) != 0))
        return mlg_error_set(
            error, MLG_DATA,
            "what 'against' names, '%s', %s while the command ran: a run writes there; let it "
            "write to {output} alone",
            path, state->against_sha256[i][0] ? "changed" : "was not there before, and came");
    bool same = strcmp(first->sha256, file.sha256) == 0;
    if (code == MLG_OK)
        code = find_same(state, check, path, false, first->path, &same, error);
    return code != MLG_OK
               ? code
               : look(state, check, path, first->path, same,
                      mlg_arena_format(state->run->arena, "the artefact '%s'", state->options->against),
                      finding, error);
}

bool repro_is_worse(const struct mlg_call *call, const struct finding *finding, const struct finding *worst)
{
    if (!worst->with || finding->undefined || worst->undefined)
        return !worst->with || (finding->undefined && !worst->undefined);
    return repro_is_predicate(call) ? finding->value < worst->value : finding->value > worst->value;
}

/* The predictions of all runs of a seed together, with the artefact's where that is one of them: what was
 * there before comes first. */
static int find_flips_of(const struct repro_run *state, size_t check, const char *seed,
                         struct finding *finding, struct mlg_error *error)
{
    const struct repro_options *options = state->options;
    struct mlg_arena *arena = state->run->arena;
    const size_t output = repro_output_index(options, state->calls[check].arguments.file);
    const struct mlg_flips_options flips_options = {
        .prediction = options->prediction, .id = options->id, .label = options->label};
    const char **tables = MLG_NEW_ARRAY(arena, const char *, state->run_count + 1);
    const char **names = MLG_NEW_ARRAY(arena, const char *, state->run_count + 1);
    struct mlg_flips_of_all *all = MLG_NEW(arena, struct mlg_flips_of_all);
    const bool has_artefact = options->against && seed == state->runs[0]->seed;
    *finding = (struct finding){.seed = seed};
    if (!tables || !names || !all)
        return repro_no_memory(error);
    if (has_artefact) {
        const int code = repro_find_against(state, output, &tables[0], error);
        if (code != MLG_OK)
            return code;
        names[finding->tables++] = "the artefact";
    }
    for (size_t r = 0; r < state->run_count; r++)
        if (state->runs[r]->seed == seed) {
            tables[finding->tables] = state->runs[r]->outputs[output].path;
            names[finding->tables++] = repro_run_name(state, state->runs[r]);
        }
    if (finding->tables < 2)
        return MLG_OK;
    const int found = repro_find_tables(state, options->prediction, tables, finding->tables, error);
    if (found != MLG_OK)
        return found;
    const int code = mlg_compare_all_predictions(state->run->world, tables, finding->tables, &flips_options,
                                                 arena, all, error);
    if (code != MLG_OK)
        return code;
    finding->pair.flips = &all->worst;
    finding->value = mlg_repro_kernel_of(&state->calls[check])->value(&finding->pair, &finding->undefined);
    finding->value = finding->undefined ? finding->value : (double)all->changed / (double)all->n;
    finding->changed = all->changed;
    finding->rows = all->n;
    finding->missing = all->missing;
    finding->with = has_artefact ? mlg_arena_format(arena, "%s against the artefact '%s'",
                                                    names[all->worst_table], options->against)
                                 : names[all->worst_table];
    return MLG_OK;
}

int repro_find_flips(const struct repro_run *state, size_t check, struct finding *worst,
                     struct mlg_error *error)
{
    for (size_t r = 0; r < state->run_count; r++) {
        struct finding finding;
        if (repro_base_of(state, state->runs[r]) != state->runs[r])
            continue;
        const int code = find_flips_of(state, check, state->runs[r]->seed, &finding, error);
        if (code != MLG_OK)
            return code;
        if (finding.with && repro_is_worse(&state->calls[check], &finding, worst))
            *worst = finding;
    }
    return MLG_OK;
}

void repro_warn_of_unmet_patterns(const struct repro_run *state)
{
    const struct mlg_texts *ignore = &state->options->ignore;
    uint64_t met = 0;
    bool is_known = false;
    for (const struct known_pair *pair = *state->known; pair; pair = pair->next)
        if (pair->comparison && !pair->comparison->identical_bytes) {
            met |= pair->comparison->ignored;
            is_known = true;
        }
    for (size_t i = 0; is_known && i < ignore->count && i < MLG_COMPARE_IGNORE; i++)
        if (!(met >> i & 1))
            mlg_run_warn(state->run, "'%s' in 'ignore' met nothing in what was compared%s (%s)",
                         ignore->items[i],
                         mlg_text_is_among(ignore->items[i], state->options->outputs.items,
                                           state->options->outputs.count)
                             ? ": patterns name parts of outputs, not outputs; leave it out of "
                               "'outputs' where it may differ"
                             : "",
                         state->run->config->name);
}
