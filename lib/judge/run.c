/* The run of a suite: open and plan every source, scan each once, judge every gate, apply the rules that
 * look at all checks together (waivers, the family of checks, policy), conclude. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "mlgate/run.h"
#include "mlgate/text.h"
#include "mlgate/verdict.h"

/* ---- sources ---- */

struct mlg_source *mlg_run_source(struct mlg_gate_run *run, const char *name)
{
    for (size_t i = 0; i < run->source_count; i++)
        if (name && strcmp(run->sources[i].data->name, name) == 0)
            return &run->sources[i];
    return NULL;
}

struct mlg_run_file *mlg_run_file(struct mlg_gate_run *run, const char *option)
{
    for (size_t i = 0; i < run->file_count; i++)
        if (strcmp(run->files[i].name, option) == 0)
            return &run->files[i];
    return NULL;
}

/* What the gate's options name is read now; one that cannot be is a matter of the checks that need it. */
static int read_files(struct mlg_gate_run *run)
{
    const struct mlg_gate_config *config = run->config;
    const struct mlg_gate *gate = config->gate;
    size_t most = 0;
    while (gate->file_params && gate->file_params[most])
        most++;
    run->files = MLG_NEW_ARRAY(run->arena, struct mlg_run_file, most);
    if (most > 0 && !run->files)
        return MLG_LIMIT;
    for (size_t i = 0; i < most; i++) {
        const struct mlg_param *row = mlg_params_find(gate->params, gate->file_params[i]);
        struct mlg_run_file *file = &run->files[run->file_count];
        const char *path = row ? *(const char *const *)((const char *)config->options + row->offset) : NULL;
        if (!path)
            continue;
        run->file_count++;
        file->name = row->name;
        file->path = path;
        file->shown = mlg_gate_file(run->suite, config, row->name, run->arena);
        if (!file->shown)
            return MLG_LIMIT;
        file->bytes = mlg_file_read(run->world, file->shown, MLG_RUN_FILE_BYTES, run->arena, &file->size,
                                    &file->summary, &file->error);
    }
    return MLG_OK;
}

/* The path in a row of the source: one from a flag or the environment is relative to where mlgate is
 * started. */
static const char *resolve_path(const struct mlg_suite *suite, const struct mlg_data *data,
                                const char *row_name, const char *path, struct mlg_arena *arena)
{
    const struct mlg_param *row = mlg_params_find(mlg_data_params, row_name);
    const struct mlg_origin *origin =
        row && data->origins ? &data->origins[(size_t)(row - mlg_data_params)] : NULL;
    if (origin && origin->type != MLG_FROM_CONFIG)
        return path;
    return mlg_suite_resolve_path(suite->path, path, arena);
}

/* What is hashed of a source: its content too where there are other sources, one of which may have the same;
 * nothing at another look. */
enum hashing { HASH_FILE, HASH_CONTENT, HASH_NOTHING };

struct mlg_reader_options mlg_data_reading(const struct mlg_data *data)
{
    struct mlg_reader_options options = {
        .format = data->format, .decimal = mlg_data_decimal(data), .from_flags = data->from_flags};
    if (data->delimiter)
        options.delimiter = strcmp(data->delimiter, "tab") == 0 ? '\t' : data->delimiter[0];
    return options;
}

/* Opens what the row `row_name` names. */
static int open_file(const struct mlg_data *data, const char *row_name, const char *path,
                     enum hashing hashing, const struct mlg_suite *suite, const struct mlg_world *world,
                     struct mlg_arena *arena, struct mlg_reader **reader, struct mlg_error *error)
{
    struct mlg_reader_options options = mlg_data_reading(data);
    options.hash_content = hashing == HASH_CONTENT;
    options.without_hash = hashing == HASH_NOTHING;
    options.path = resolve_path(suite, data, row_name, path, arena);
    if (!options.path)
        return mlg_error_set(error, MLG_LIMIT, "no memory to open '%s'", path);
    return mlg_reader_open(world, arena, &options, reader, error);
}

/* The columns of the predictions' file that hold what the model answers. False: no memory. */
static bool list_answers(const struct mlg_data *data, const struct mlg_reader *predictions,
                         struct mlg_texts *answers, struct mlg_arena *arena)
{
    const char *const *names;
    const size_t count = mlg_reader_columns(predictions, &names), map_count = data->score.map.count;
    const size_t prefix = data->score_prefix ? strlen(data->score_prefix) : 0;
    answers->items = MLG_NEW_ARRAY(arena, const char *, count + map_count + 2);
    if (!answers->items)
        return false;
    if (data->prediction)
        answers->items[answers->count++] = data->prediction;
    if (data->score.column)
        answers->items[answers->count++] = data->score.column;
    for (size_t i = 0; i < map_count; i++)
        answers->items[answers->count++] = data->score.map.values[i];
    for (size_t i = 0; prefix > 0 && i < count; i++)
        if (strncmp(names[i], data->score_prefix, prefix) == 0)
            answers->items[answers->count++] = names[i];
    return true;
}

/* Puts the labels' file beside the predictions. */
static int open_labels(const struct mlg_data *data, enum hashing hashing, const struct mlg_suite *suite,
                       const struct mlg_world *world, struct mlg_arena *arena, bool *is_file,
                       struct mlg_reader **reader, struct mlg_error *error)
{
    struct mlg_reader *labels = NULL;
    int code =
        open_file(data, "labels_path", data->labels_path, hashing, suite, world, arena, &labels, error);
    if (code != MLG_OK)
        return code;
    *is_file = *is_file && mlg_reader_is_file(labels);
    struct mlg_texts answers = {0};
    code = list_answers(data, *reader, &answers, arena)
               ? mlg_reader_join(arena, *reader, labels, data->join, data->label, answers.items,
                                 answers.count, reader, error)
               : mlg_error_set(error, MLG_LIMIT, "no memory to open '%s'", data->labels_path);
    if (code != MLG_OK)
        mlg_reader_close(labels);
    return code;
}

/* A reader of the source's rows. After an error *reader is what is open of it, or NULL. */
static int open_reader(const struct mlg_data *data, enum hashing hashing, const struct mlg_suite *suite,
                       const struct mlg_world *world, struct mlg_arena *arena, bool *is_file,
                       struct mlg_reader **reader, struct mlg_error *error)
{
    int code = open_file(data, "path", data->path, hashing, suite, world, arena, reader, error);
    *is_file = code == MLG_OK && mlg_reader_is_file(*reader);
    if (code == MLG_OK && data->labels_path)
        code = open_labels(data, hashing == HASH_NOTHING ? HASH_NOTHING : HASH_FILE, suite, world, arena,
                           is_file, reader, error);
    return code;
}

int mlg_run_reopen(const struct mlg_gate_run *run, const struct mlg_source *source, struct mlg_arena *arena,
                   struct mlg_reader **reader, struct mlg_error *error)
{
    bool is_file;
    *reader = NULL;
    if (!source->is_file)
        return mlg_error_set(error, MLG_DATA, "'%s' cannot be read a second time: it is no file",
                             source->data->path);
    const int code =
        open_reader(source->data, HASH_NOTHING, run->suite, run->world, arena, &is_file, reader, error);
    if (code != MLG_OK && *reader) {
        mlg_reader_close(*reader);
        *reader = NULL;
    }
    return code;
}

static void source_open(struct mlg_source *source, bool several, const struct mlg_suite *suite,
                        const struct mlg_world *world, struct mlg_arena *arena)
{
    if (open_reader(source->data, several ? HASH_CONTENT : HASH_FILE, suite, world, arena, &source->is_file,
                    &source->reader, &source->error) != MLG_OK) {
        source->failed = true;
        return;
    }
    source->plan = mlg_plan_new(source->data, source->reader, arena, &source->error);
    if (!source->plan) {
        source->failed = true;
        return;
    }
    mlg_plan_limit_slices(source->plan, (size_t)suite->max_slices);
}

static bool is_selected(const char *name, const char *const *only, size_t only_count)
{
    for (size_t i = 0; i < only_count; i++)
        if (strcmp(name, only[i]) == 0)
            return true;
    return only_count == 0;
}

/* Does one of the selected gates read the source? */
static bool is_read(const struct mlg_suite *suite, const char *source, const char *const *only,
                    size_t only_count)
{
    for (size_t g = 0; g < suite->gate_count; g++) {
        const struct mlg_gate_config *config = &suite->gates[g];
        if (is_selected(config->name, only, only_count) &&
            ((config->data && strcmp(config->data, source) == 0) ||
             (config->gate->reads && config->gate->reads(config, source))))
            return true;
    }
    return false;
}

struct file_list {
    struct mlg_arena *arena;
    struct mlg_texts *files;
    size_t capacity;
};

static bool list_file(struct file_list *list, const char *path)
{
    struct mlg_texts *files = list->files;
    if (!path)
        return false;
    if (mlg_text_is_among(path, files->items, files->count))
        return true;
    const char **items =
        mlg_arena_grow(list->arena, files->items, &list->capacity, files->count + 1, sizeof *items);
    if (!items)
        return false;
    files->items = items;
    items[files->count++] = path;
    return true;
}

static bool list_source(struct file_list *list, const struct mlg_suite *suite, const struct mlg_data *data)
{
    return list_file(list, resolve_path(suite, data, "path", data->path, list->arena)) &&
           (!data->labels_path ||
            list_file(list, resolve_path(suite, data, "labels_path", data->labels_path, list->arena)));
}

bool mlg_suite_files(const struct mlg_suite *suite, const char *const *only, size_t only_count,
                     struct mlg_arena *arena, struct mlg_texts *files, bool *are_all)
{
    struct file_list list = {.arena = arena, .files = files};
    bool good = true;
    *files = (struct mlg_texts){0};
    *are_all = true;
    for (size_t d = 0; good && d < suite->data_count; d++)
        if (is_read(suite, suite->data[d].name, only, only_count))
            good = list_source(&list, suite, &suite->data[d]);
    for (size_t g = 0; good && g < suite->gate_count; g++) {
        const struct mlg_gate_config *config = &suite->gates[g];
        if (!is_selected(config->name, only, only_count))
            continue;
        *are_all = *are_all && !config->gate->read_params && !config->gate->written_params;
        for (const char *const *name = config->gate->file_params; good && name && *name; name++) {
            const struct mlg_param *row = mlg_params_find(config->gate->params, *name);
            if (row && *(const char *const *)((const char *)config->options + row->offset))
                good = list_file(&list, mlg_gate_file(suite, config, *name, arena));
        }
    }
    if (good && suite->waivers_path)
        good = list_file(&list, mlg_suite_resolve_path(suite->path, suite->waivers_path, arena));
    return good;
}

/* ---- errors that keep their place ---- */

const char *mlg_error_sentence(const struct mlg_error *error, struct mlg_arena *arena)
{
    const struct mlg_place *place = &error->place;
    const char *text;
    if (place->file && place->line && place->column == MLG_PLACE_ROW)
        text = mlg_arena_format(arena, "%s, row %lu: %s", place->file, place->line, error->text);
    else if (place->file && place->line && place->column)
        text = mlg_arena_format(arena, "%s:%lu:%u: %s", place->file, place->line, place->column, error->text);
    else if (place->file && place->line)
        text = mlg_arena_format(arena, "%s:%lu: %s", place->file, place->line, error->text);
    else
        text = mlg_arena_format(arena, "%s", error->text);
    return text ? text : "no memory left to say what went wrong";
}

/* The checks of a gate that could not be judged at all: each still appears, as an error on all rows, so
 * that its test case does not vanish from the history. */
static int judge_nothing(const struct mlg_gate_config *config, const char *why, struct mlg_arena *arena,
                         struct mlg_gate_result *result)
{
    struct mlg_check_result *checks = MLG_NEW_ARRAY(arena, struct mlg_check_result, config->checks.count);
    if (config->checks.count && !checks)
        return MLG_LIMIT;
    result->checks = checks;
    result->check_count = 0;
    for (size_t i = 0; i < config->checks.count; i++) {
        const struct mlg_check_config *item = &config->checks.items[i];
        struct mlg_check_result *check = &checks[result->check_count];
        if (!mlg_gate_judges(config->gate, &item->check))
            continue;
        mlg_check_result_begin(check, config, item, arena);
        check->verdict = check->underlying = MLG_VERDICT_ERROR;
        check->reason = why;
        result->check_count++;
    }
    return MLG_OK;
}

static const char *text_of(struct mlg_builder *builder, struct mlg_arena *arena)
{
    const char *text = builder->failed ? NULL : mlg_arena_copy(arena, builder->data, builder->size);
    mlg_builder_free(builder);
    return text ? text : "";
}

/* ---- rules that look at all checks together ---- */

struct family_member {
    struct mlg_check_result *check;
    double probability;
};

static int by_probability(const void *a, const void *b)
{
    double x = ((const struct family_member *)a)->probability,
           y = ((const struct family_member *)b)->probability;
    return (x > y) - (x < y);
}

/* Holm 1979: with m claims "this check fails" made at once, the chance of any false one stays at alpha when
 * the i-th smallest p-value is compared with alpha / (m - i + 1), stopping at the first that is larger. A
 * failure that does not survive is inconclusive, never a pass. */
static int apply_holm(struct mlg_results *results, struct mlg_arena *arena)
{
    size_t count = 0, total = 0;
    for (size_t g = 0; g < results->gate_count; g++)
        total += results->gates[g].check_count;
    struct family_member *members = MLG_NEW_ARRAY(arena, struct family_member, total);
    if (total && !members)
        return MLG_LIMIT;
    for (size_t g = 0; g < results->gate_count; g++)
        for (size_t c = 0; c < results->gates[g].check_count; c++) {
            struct mlg_check_result *check = &results->gates[g].checks[c];
            bool judged = check->verdict == MLG_PASS || check->verdict == MLG_FAIL ||
                          check->verdict == MLG_INCONCLUSIVE;
            if (judged && strcmp(check->decided_by, "interval") == 0)
                members[count++] = (struct family_member){check, check->fail_probability};
        }
    if (count)
        qsort(members, count, sizeof *members, by_probability);
    bool stopped = false;
    double running = 0;
    for (size_t i = 0; i < count; i++) {
        struct mlg_check_result *check = members[i].check;
        double adjusted = members[i].probability * (double)(count - i);
        running = adjusted > running ? adjusted : running;
        stopped = stopped || running > 1 - check->confidence;
        if (check->verdict == MLG_FAIL && stopped) {
            check->verdict = check->underlying = MLG_INCONCLUSIVE;
            check->reason =
                mlg_arena_format(arena,
                                 "%s; but among %zu checks judged together (family: holm) that is not proof: "
                                 "adjusted p = %.3g",
                                 check->reason ? check->reason : "the interval is beyond the limit", count,
                                 running > 1 ? 1.0 : running);
        }
    }
    return MLG_OK;
}

static void add_warning(struct mlg_results *results, size_t capacity, const char *text)
{
    if (text && results->warning_count < capacity)
        results->warnings[results->warning_count++] = text;
}

void mlg_today(const struct mlg_world *world, char out[MLG_DATE_SIZE])
{
    time_t now = (time_t)world->unix_time(world->self);
    struct tm date;
    if (!gmtime_r(&now, &date) || strftime(out, MLG_DATE_SIZE, "%Y-%m-%d", &date) != MLG_DATE_SIZE - 1)
        memcpy(out, "9999-12-31", MLG_DATE_SIZE);
}

/* May the id be that of a check whose gate --only leaves out? */
static bool is_of_excluded_gate(const struct mlg_suite *suite, const char *id, const char *const *only,
                                size_t only_count)
{
    for (size_t g = 0; g < suite->gate_count; g++) {
        const char *name = suite->gates[g].name;
        const size_t size = strlen(name);
        if (!is_selected(name, only, only_count) && strncmp(id, name, size) == 0 &&
            strncmp(id + size, " / ", 3) == 0)
            return true;
    }
    return false;
}

static void apply_waivers(struct mlg_results *results, const struct mlg_suite *suite,
                          const struct mlg_world *world, const char *const *only, size_t only_count,
                          struct mlg_arena *arena, size_t capacity)
{
    char date[MLG_DATE_SIZE];
    if (suite->waiver_count == 0)
        return;
    mlg_today(world, date);
    for (size_t w = 0; w < suite->waiver_count; w++) {
        const struct mlg_waiver *waiver = &suite->waivers[w];
        bool used = false, expired = strcmp(waiver->expires, date) < 0, known = false;
        for (size_t g = 0; g < results->gate_count; g++)
            for (size_t c = 0; c < results->gates[g].check_count; c++) {
                struct mlg_check_result *check = &results->gates[g].checks[c];
                if (strcmp(check->id, waiver->check) != 0)
                    continue;
                known = true;
                if (expired || (check->verdict != MLG_FAIL && check->verdict != MLG_INCONCLUSIVE))
                    continue;
                used = true;
                check->verdict = MLG_WAIVED;
                check->waiver_reason = waiver->reason;
                check->waiver_owner = waiver->owner;
                check->waiver_expires = waiver->expires;
            }
        if (expired)
            add_warning(results, capacity,
                        mlg_arena_format(arena, "the waiver of '%s' (%s) expired on %s and waives nothing",
                                         waiver->check, waiver->owner, waiver->expires));
        else if (!used && (known || !is_of_excluded_gate(suite, waiver->check, only, only_count)))
            add_warning(results, capacity,
                        mlg_arena_format(arena, "the waiver of '%s' (%s) is not used: %s", waiver->check,
                                         waiver->owner,
                                         known ? "the check neither failed nor was inconclusive"
                                               : "no check has that id"));
    }
}

/* What may block: enforced, not passed, and for an inconclusive one not only a warning. */
static void apply_policy(struct mlg_results *results)
{
    for (size_t g = 0; g < results->gate_count; g++)
        for (size_t c = 0; c < results->gates[g].check_count; c++) {
            struct mlg_check_result *check = &results->gates[g].checks[c];
            check->blocks = check->enforce && mlg_verdicts[check->verdict].exit_code != MLG_EXIT_PASS &&
                            !(check->verdict == MLG_INCONCLUSIVE && check->warns_only);
        }
}

/* ---- the run ---- */

static const char *gate_title(const struct mlg_gate_run *run, const struct mlg_source *source)
{
    const struct mlg_gate_config *config = run->config;
    struct mlg_arena *arena = run->arena;
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    mlg_put(&text, config->name);
    if (config->data || run->file_count > 0)
        mlg_put_format(&text, " on %s", config->data ? config->data : run->files[0].path);
    if (source && source->scan) {
        mlg_put(&text, " (");
        mlg_put_count(&text, source->scan->rows);
        mlg_put(&text, source->scan->rows == 1 ? " row)" : " rows)");
    }
    return text_of(&text, arena);
}

/* A class that is predicted and that no label has is often a label misspelt, and makes two classes three.
 * NULL: there is none, or `labels` lists them. */
static const char *tell_unlabelled(const struct mlg_scan *scan, struct mlg_arena *arena)
{
    enum { SHOWN = 8 };
    const struct mlg_classes *classes = &scan->classes;
    const char **labels = MLG_NEW_ARRAY(arena, const char *, classes->count + 1);
    const char *names = "", *near = NULL;
    size_t label_count = 0, count = 0, shown = 0;
    uint64_t rows = 0;
    if (!labels || !scan->data->prediction || scan->data->labels.count > 0)
        return NULL;
    for (size_t k = 0; k < classes->count; k++)
        if (classes->label_rows[k] > 0)
            labels[label_count++] = classes->names[k];
        else
            count += classes->prediction_rows[k] > 0;
    if (label_count == 0 || count == 0)
        return NULL;
    for (size_t k = 0; k < classes->count && names; k++) {
        if (classes->label_rows[k] > 0 || classes->prediction_rows[k] == 0)
            continue;
        rows += classes->prediction_rows[k];
        near = near ? near : mlg_nearest(classes->names[k], labels, label_count);
        if (shown++ < SHOWN)
            names = mlg_arena_format(arena, "%s%s'%s'", names,
                                     shown == 1       ? ""
                                     : shown == count ? " and "
                                                      : ", ",
                                     classes->names[k]);
    }
    const char *more = count > SHOWN ? mlg_arena_format(arena, " and %zu more", count - SHOWN) : "";
    return names && more
               ? mlg_arena_format(arena, "predictions of '%s' hold %s%s, which no label has (%llu %s)%s%s%s",
                                  scan->data->name, names, more, (unsigned long long)rows,
                                  rows == 1 ? "row" : "rows", near ? "; did you mean '" : "",
                                  near ? near : "", near ? "'?" : "")
               : NULL;
}

/* The file of the labels is an input of its own, with its own digest. */
static int describe_labels(struct mlg_results *results, const struct mlg_source *source,
                           struct mlg_arena *arena, size_t capacity)
{
    const struct mlg_read_summary *summary = source->scan->summary.labels;
    struct mlg_input_result *input = &results->inputs[results->input_count++];
    input->name = mlg_arena_format(arena, "%s (labels)", source->data->name);
    input->path = source->data->labels_path;
    input->format = mlg_reader_format(source->reader);
    input->rows = summary->rows;
    input->unmatched = source->scan->summary.unmatched;
    input->bytes = summary->bytes;
    input->sha256 = mlg_arena_copy(arena, summary->sha256, 64);
    if (source->scan->summary.unmatched)
        add_warning(results, capacity,
                    mlg_arena_format(arena, "%llu of %llu %s of '%s' %s no prediction in '%s'%s",
                                     (unsigned long long)source->scan->summary.unmatched,
                                     (unsigned long long)summary->rows,
                                     mlg_plural(summary->rows, "row", "rows"), input->path,
                                     mlg_plural(source->scan->summary.unmatched, "has", "have"),
                                     source->data->path, mlg_hit_slices(source->scan, true, arena)));
    return input->name && input->sha256 ? MLG_OK : MLG_LIMIT;
}

/* Without it, swapped classes could not be seen. NULL: it is not known, or nothing looks at it. */
static const char *positive_of(const struct mlg_source *source, const struct mlg_gate_run *runs,
                               size_t run_count, struct mlg_arena *arena)
{
    const struct mlg_classes *classes = &source->scan->classes;
    bool is_read = false;
    for (size_t r = 0; r < run_count; r++) {
        const struct mlg_gate_config *config = runs[r].config;
        const bool reads = (config->data && strcmp(config->data, source->data->name) == 0) ||
                           (config->gate->reads && config->gate->reads(config, source->data->name));
        is_read = is_read || (reads && !runs[r].has_own_positive);
    }
    if (!is_read || !classes->positive_read || classes->positive < 0)
        return NULL;
    const char *name = classes->names[classes->positive];
    return mlg_arena_copy(arena, name, strlen(name));
}

/* Files that gates name by their options; one that two of them name is one input. */
static int describe_files(struct mlg_results *results, const struct mlg_gate_run *runs, size_t run_count,
                          struct mlg_arena *arena)
{
    for (size_t r = 0; r < run_count; r++)
        for (size_t f = 0; f < runs[r].file_count; f++) {
            const struct mlg_run_file *file = &runs[r].files[f];
            bool is_listed = false;
            for (size_t i = 0; i < results->input_count && !is_listed; i++)
                is_listed = strcmp(results->inputs[i].name, file->name) == 0 &&
                            strcmp(results->inputs[i].path, file->path) == 0;
            if (is_listed)
                continue;
            struct mlg_input_result *input = &results->inputs[results->input_count++];
            *input = (struct mlg_input_result){.name = file->name, .path = file->path};
            if (!file->bytes)
                continue;
            input->format = file->format;
            input->rows = file->rows;
            input->bytes = file->summary.bytes;
            input->sha256 = mlg_arena_copy(arena, file->summary.sha256, 64);
            if (!input->sha256)
                return MLG_LIMIT;
        }
    return MLG_OK;
}

static int describe_inputs(struct mlg_results *results, const struct mlg_source *sources, size_t count,
                           const struct mlg_gate_run *runs, size_t run_count, struct mlg_arena *arena,
                           size_t capacity)
{
    size_t files = 0;
    for (size_t r = 0; r < run_count; r++)
        files += runs[r].file_count;
    results->inputs = MLG_NEW_ARRAY(arena, struct mlg_input_result, 2 * count + files + 1);
    if (!results->inputs)
        return MLG_LIMIT;
    for (size_t i = 0; i < count; i++) {
        const struct mlg_source *source = &sources[i];
        struct mlg_input_result *input = &results->inputs[results->input_count++];
        const char *labels = source->data->labels_path;
        input->name = source->data->name;
        input->path = source->data->path;
        if (source->reader)
            input->format = mlg_reader_format(source->reader);
        if (!source->scan)
            continue;
        input->rows = source->scan->rows;
        input->dropped = source->scan->summary.dropped;
        input->bytes = source->scan->summary.bytes;
        input->sha256 = mlg_arena_copy(arena, source->scan->summary.sha256, 64);
        input->positive = positive_of(source, runs, run_count, arena);
        if (source->scan->summary.labels && describe_labels(results, source, arena, capacity) != MLG_OK)
            return MLG_LIMIT;
        add_warning(results, capacity, tell_unlabelled(source->scan, arena));
        if (input->dropped)
            add_warning(results, capacity,
                        mlg_arena_format(arena,
                                         "dropped for a missing value: %llu of %llu %s of '%s'%s%s%s%s",
                                         (unsigned long long)input->dropped,
                                         (unsigned long long)input->dropped + input->rows,
                                         mlg_plural(input->dropped + input->rows, "row", "rows"), input->path,
                                         labels ? " (joined with '" : "", labels ? labels : "",
                                         labels ? "')" : "", mlg_hit_slices(source->scan, false, arena)));
    }
    return describe_files(results, runs, run_count, arena);
}

static int describe_outside(struct mlg_results *results, const struct mlg_suite *suite,
                            const struct mlg_world *world, struct mlg_arena *arena)
{
    struct mlg_map outside;
    if (!mlg_suite_outside(suite, world, arena, &outside))
        return MLG_LIMIT;
    results->outside = MLG_NEW_ARRAY(arena, struct mlg_pair, outside.count + 1);
    for (size_t i = 0; results->outside && i < outside.count; i++)
        results->outside[results->outside_count++] = (struct mlg_pair){outside.keys[i], outside.values[i]};
    return results->outside ? MLG_OK : MLG_LIMIT;
}

/* A suite of which a part was judged must not look whole. */
static int tell_left_out(struct mlg_results *results, const struct mlg_suite *suite, const char *const *only,
                         size_t only_count, struct mlg_arena *arena, size_t capacity)
{
    enum { SHOWN = 8 };
    struct mlg_builder text;
    results->left_out = MLG_NEW_ARRAY(arena, const char *, suite->gate_count + 1);
    if (!results->left_out)
        return MLG_LIMIT;
    for (size_t g = 0; g < suite->gate_count; g++)
        if (!is_selected(suite->gates[g].name, only, only_count))
            results->left_out[results->left_out_count++] = suite->gates[g].name;
    const size_t count = results->left_out_count, shown = count > SHOWN ? SHOWN : count;
    if (count == 0)
        return MLG_OK;
    mlg_builder_init(&text, 0);
    mlg_put_format(&text, "--only leaves out the %s ", mlg_plural(count, "gate", "gates"));
    for (size_t i = 0; i < shown; i++)
        mlg_put_format(&text, "%s'%s'", i == 0 ? "" : i + 1 == count ? " and " : ", ", results->left_out[i]);
    if (count > shown)
        mlg_put_format(&text, " and %zu more", count - shown);
    if (suite->family == MLG_FAMILY_HOLM)
        mlg_put(&text, "; fewer checks are then judged together (family: holm), so that what the whole suite "
                       "finds inconclusive may fail here");
    add_warning(results, capacity, text_of(&text, arena));
    return MLG_OK;
}

static bool takes_class(const char *quantity)
{
    const struct mlg_metric *metric = mlg_metric_find(quantity);
    return metric && mlg_metric_has_argument(metric, "class");
}

/* With more than two classes some quantities look at no class in particular, unless they are told to. */
static void tell_idle_positive(struct mlg_gate_run *run, const struct mlg_gate_result *result)
{
    enum { SHOWN = 8 };
    const struct mlg_source *source = mlg_run_source(run, run->config->data);
    const struct mlg_scan *scan = source ? source->scan : NULL;
    const char **averages = MLG_NEW_ARRAY(run->arena, const char *, run->config->checks.count + 1);
    const char *names = "", *remedy = "";
    size_t count = 0;
    if (!averages || !scan || !scan->classes.positive_given || run->has_own_positive)
        return;
    for (size_t i = 0; i < result->check_count && names && remedy; i++) {
        const char *quantity = result->checks[i].quantity;
        if (!result->checks[i].average || mlg_text_is_among(quantity, averages, count))
            continue;
        averages[count++] = quantity;
        if (count <= SHOWN)
            names = mlg_arena_format(run->arena, "%s%s%s", names, count > 1 ? ", " : "", quantity);
        if (!*remedy && takes_class(quantity))
            remedy = mlg_arena_format(run->arena, "; class=%s in a check takes that class alone",
                                      scan->classes.names[scan->classes.positive]);
    }
    if (count == 0 || !names || !remedy)
        return;
    mlg_run_warn(run, "%s%s does not change %s%s (%s): with %zu classes %s%s",
                 mlg_data_option(scan->data, "positive", NULL).text, mlg_data_where(scan->data).text, names,
                 count > SHOWN ? " and others" : "", run->config->name, scan->classes.count,
                 mlg_plural(count, "it is a macro average", "they are macro averages"), remedy);
}

static int judge_gate(struct mlg_gate_run *run, struct mlg_gate_result *result)
{
    const struct mlg_gate_config *config = run->config;
    struct mlg_source *source = mlg_run_source(run, config->data);
    struct mlg_error error = {0};
    result->gate = config->gate->name;
    result->name = config->name;
    result->data = config->data;
    result->title = gate_title(run, source);
    if (config->node && config->node->origin.place.file) {
        result->file = config->node->origin.place.file;
        result->line = config->node->origin.place.line;
    }
    const struct mlg_world *world = run->world;
    const double start = config->gate->without_data ? world->seconds(world->self) : 0;
    int code = run->failed ? (int)run->error.code : config->gate->judge(run, result, &error);
    if (config->gate->without_data)
        result->seconds = world->seconds(world->self) - start;
    if (code == MLG_OK) {
        tell_idle_positive(run, result);
        return MLG_OK;
    }
    result->error = mlg_error_sentence(run->failed ? &run->error : &error, run->arena);
    result->verdict = MLG_VERDICT_ERROR;
    if (result->check_count)
        return MLG_OK;
    return judge_nothing(config, result->error, run->arena, result);
}

/* Each gate asks its sources for what it needs. A second time it asks for the same or less, and gets the same
 * places in plans that stand. */
static void plan_gates(struct mlg_gate_run *runs, size_t count)
{
    for (size_t r = 0; r < count; r++) {
        struct mlg_gate_run *run = &runs[r];
        const struct mlg_source *source = mlg_run_source(run, run->config->data);
        run->failed = source && source->failed;
        if (run->failed)
            run->error = source->error;
        else
            run->failed = run->config->gate->plan(run, &run->error) != MLG_OK;
    }
}

static void scan_source(struct mlg_source *source, const struct mlg_world *world, unsigned threads,
                        struct mlg_arena *arena)
{
    source->failed = source->failed || mlg_scan_run(source->plan, source->reader, world, threads, arena,
                                                    &source->scan, &source->error) != MLG_OK;
}

/* A check that takes a column of numbers for classes is a mistake of that check. Where others read numbers
 * of the source, it is opened again for them, with a plan that refuses classes. */
static bool refuse_classes(struct mlg_source *source, bool several, const struct mlg_suite *suite,
                           const struct mlg_world *world, struct mlg_arena *arena)
{
    if (!source->failed || source->error.code != MLG_CLASSES || !source->is_file ||
        !mlg_plan_reads_numbers(source->plan))
        return false;
    const char *why = mlg_error_sentence(&source->error, arena);
    mlg_reader_close(source->reader);
    *source = (struct mlg_source){.data = source->data};
    source_open(source, several, suite, world, arena);
    if (!source->failed)
        mlg_plan_refuse_classes(source->plan, why);
    return true;
}

/* Limits that can never fail are told in every report: they look like a check and are none. */
static void tell_never_failing(struct mlg_results *results, struct mlg_arena *arena, size_t capacity)
{
    for (size_t g = 0; g < results->gate_count; g++)
        for (size_t c = 0; c < results->gates[g].check_count; c++) {
            const struct mlg_check_result *check = &results->gates[g].checks[c];
            if (check->limit_never_fails && check->slice_count == 0)
                add_warning(results, capacity,
                            mlg_arena_format(arena,
                                             "'%s' (%s) can never fail: every possible value meets the limit",
                                             check->check, results->gates[g].name));
        }
}

void mlg_run_warn(struct mlg_gate_run *run, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const char *text = mlg_arena_format_list(run->arena, format, arguments);
    va_end(arguments);
    const char **grown = mlg_arena_grow(run->arena, run->warnings, &run->warning_capacity,
                                        run->warning_count + 1, sizeof *grown);
    if (!grown || !text)
        return;
    run->warnings = grown;
    grown[run->warning_count++] = text;
}

/* What the gates found doubtful: limits that say less than they seem, and what they met in the data. */
static int tell_doubts(struct mlg_results *results, struct mlg_gate_run *runs, size_t run_count,
                       struct mlg_arena *arena, size_t *capacity)
{
    size_t count = 0;
    for (size_t r = 0; r < run_count; r++) {
        const struct mlg_gate_config *config = runs[r].config;
        for (size_t c = 0; config->gate->doubt && c < config->checks.count; c++) {
            const struct mlg_check_config *item = &config->checks.items[c];
            const char *doubt = config->gate->doubt(config, item, arena);
            if (doubt)
                mlg_run_warn(&runs[r], "'%s' (%s) %s", item->check.written, config->name, doubt);
        }
        count += runs[r].warning_count;
    }
    const char **warnings = MLG_NEW_ARRAY(arena, const char *, *capacity + count);
    if (!warnings)
        return MLG_LIMIT;
    *capacity += count;
    if (results->warning_count)
        memcpy(warnings, results->warnings, results->warning_count * sizeof *warnings);
    results->warnings = warnings;
    for (size_t r = 0; r < run_count; r++)
        for (size_t w = 0; w < runs[r].warning_count; w++)
            add_warning(results, *capacity, runs[r].warnings[w]);
    return MLG_OK;
}

int mlg_suite_run(const struct mlg_suite *suite, const struct mlg_world *world, const char *const *only,
                  size_t only_count, unsigned threads, struct mlg_arena *arena, struct mlg_results *results,
                  struct mlg_error *error)
{
    struct mlg_source *sources = MLG_NEW_ARRAY(arena, struct mlg_source, suite->data_count);
    struct mlg_gate_run *runs = MLG_NEW_ARRAY(arena, struct mlg_gate_run, suite->gate_count);
    bool *wanted = MLG_NEW_ARRAY(arena, bool, suite->data_count + 1);
    size_t source_count = 0, run_count = 0, check_capacity = 0;
    if ((suite->data_count && !sources) || (suite->gate_count && !runs) || !wanted)
        return mlg_error_set(error, MLG_LIMIT, "no memory to run the suite");

    for (size_t g = 0; g < suite->gate_count; g++) {
        const struct mlg_gate_config *config = &suite->gates[g];
        if (!is_selected(config->name, only, only_count))
            continue;
        runs[run_count++] = (struct mlg_gate_run){
            .suite = suite, .config = config, .world = world, .threads = threads, .arena = arena};
        check_capacity += config->checks.count;
    }
    for (size_t d = 0; d < suite->data_count; d++)
        if ((wanted[d] = is_read(suite, suite->data[d].name, only, only_count)))
            sources[source_count++].data = &suite->data[d];
    for (size_t s = 0; s < source_count; s++)
        source_open(&sources[s], source_count > 1, suite, world, arena);

    for (size_t r = 0; r < run_count; r++) {
        runs[r].sources = sources;
        runs[r].source_count = source_count;
        if (read_files(&runs[r]) != MLG_OK)
            return mlg_error_set(error, MLG_LIMIT, "no memory to run the suite");
    }
    plan_gates(runs, run_count);
    for (size_t s = 0; s < source_count; s++) {
        scan_source(&sources[s], world, threads, arena);
        if (refuse_classes(&sources[s], source_count > 1, suite, world, arena)) {
            plan_gates(runs, run_count);
            scan_source(&sources[s], world, threads, arena);
        }
    }

    /* Room for: one per unused source, three per input, one per waiver and per check that never fails, and
     * one for the gates that are left out. */
    size_t capacity = 4 * suite->data_count + suite->waiver_count + check_capacity + 2;
    results->warnings = MLG_NEW_ARRAY(arena, const char *, capacity);
    results->gates = MLG_NEW_ARRAY(arena, struct mlg_gate_result, run_count);
    results->errors = MLG_NEW_ARRAY(arena, const char *, only_count + 1);
    if (!results->warnings || (run_count && !results->gates) || !results->errors)
        return mlg_error_set(error, MLG_LIMIT, "no memory to run the suite");

    for (size_t i = 0; i < only_count; i++) {
        bool found = false;
        for (size_t g = 0; g < suite->gate_count; g++)
            found = found || strcmp(suite->gates[g].name, only[i]) == 0;
        if (!found)
            results->errors[results->error_count++] =
                mlg_arena_format(arena, "no gate is called '%s', which --only asks for", only[i]);
    }
    for (size_t d = 0; only_count == 0 && d < suite->data_count; d++)
        if (!wanted[d])
            add_warning(
                results, capacity,
                mlg_arena_format(arena, "the data source '%s' is not used by any gate", suite->data[d].name));
    int code = describe_inputs(results, sources, source_count, runs, run_count, arena, capacity);
    if (code == MLG_OK)
        code = describe_outside(results, suite, world, arena);
    if (code == MLG_OK)
        code = tell_left_out(results, suite, only, only_count, arena, capacity);

    for (size_t r = 0; code == MLG_OK && r < run_count; r++) {
        struct mlg_source *source = mlg_run_source(&runs[r], runs[r].config->data);
        if (!runs[r].failed && source && source->failed) {
            runs[r].failed = true;
            runs[r].error = source->error;
        }
        code = judge_gate(&runs[r], &results->gates[results->gate_count++]);
    }
    for (size_t s = 0; s < source_count; s++) {
        mlg_scan_free(sources[s].scan);
        if (sources[s].reader)
            mlg_reader_close(sources[s].reader);
    }
    if (code == MLG_OK && suite->family == MLG_FAMILY_HOLM)
        code = apply_holm(results, arena);
    if (code == MLG_OK)
        code = tell_doubts(results, runs, run_count, arena, &capacity);
    if (code != MLG_OK)
        return mlg_error_set(error, MLG_LIMIT, "no memory to judge the suite");
    apply_waivers(results, suite, world, only, only_count, arena, capacity);
    tell_never_failing(results, arena, capacity);
    apply_policy(results);
    results->version = MLG_VERSION;
    results->config_path = suite->path;
    results->config_sha256 = suite->sha256[0] ? suite->sha256 : NULL;
    results->seed = suite->seed;
    results->family = suite->family == MLG_FAMILY_HOLM ? "holm" : NULL;
    results->run.threads = threads;
    mlg_results_conclude(results);
    return MLG_OK;
}

void mlg_results_of_diagnostics(const struct mlg_diagnostics *list, const char *config_path,
                                struct mlg_arena *arena, struct mlg_results *results)
{
    results->version = MLG_VERSION;
    results->config_path = config_path;
    results->errors = MLG_NEW_ARRAY(arena, const char *, list->count + 1);
    results->warnings = MLG_NEW_ARRAY(arena, const char *, list->count + 1);
    for (size_t i = 0; results->errors && results->warnings && i < list->count; i++) {
        const struct mlg_diagnostic *item = &list->items[i];
        struct mlg_error error = {.code = MLG_CONFIG, .place = item->place};
        snprintf(error.text, sizeof error.text, "%s", item->text);
        const char *text = mlg_error_sentence(&error, arena);
        if (item->severity == MLG_ERROR)
            results->errors[results->error_count++] = text;
        else
            results->warnings[results->warning_count++] = text;
    }
    mlg_results_conclude(results);
}
