/* run.c: the commands that judge, and those that need no description: run, check, report, init. */
#include <stdio.h>
#include <string.h>

#include "mlgate/table.h"
#include "plugins.h"

/* ---- mistakes, with their lines ------------------------------------------------------------------- */

/* `size` bytes of a line, made safe, a tab as one space. Returns the columns they take. */
static size_t put_piece(struct mlg_builder *out, const char *bytes, size_t size)
{
    char piece[512];
    size_t before = out->size;
    size = size < sizeof piece ? size : sizeof piece - 1;
    for (size_t i = 0; i < size; i++)
        piece[i] = (char)(bytes[i] == '\t' ? ' ' : bytes[i]);
    piece[size] = '\0';
    mlg_put_plain(out, piece);
    return out->failed ? 0 : mlg_text_width(out->data + before);
}

static bool continues(char c)
{
    return (c & 0xc0) == 0x80;
}

/*    7 |     chekcs: [roc_auc >= 0.85]
 *      |     ^^^^^^                        with what is far from the mark left out */
static void put_quote(struct mlg_builder *out, const struct mlg_diagnostic *item)
{
    enum { BEFORE = 100, AFTER = 60 };
    size_t length = strlen(item->quote), at = item->place.column ? item->place.column - 1 : 0;
    at = at < length ? at : length;
    size_t first = at > BEFORE ? at - BEFORE : 0;
    size_t width = item->width ? item->width : 1;
    width = width < length - at ? width : length - at;
    width = width < AFTER ? width : AFTER;
    size_t last = length - at > AFTER + width ? at + width + AFTER : length;
    while (first < at && continues(item->quote[first]))
        first++;
    while (last < length && continues(item->quote[last]))
        last++;
    while (width < length - at && continues(item->quote[at + width]))
        width++;

    mlg_put_format(out, "%6lu | %s", item->place.line, first ? "…" : "");
    size_t indent = (first > 0) + put_piece(out, item->quote + first, at - first);
    size_t marks = put_piece(out, item->quote + at, width);
    put_piece(out, item->quote + at + width, last - at - width);
    mlg_put(out, last < length ? "…\n" : "\n");
    mlg_put_format(out, "%6s | %*s", "", (int)indent, "");
    for (size_t i = 0; i < (marks ? marks : 1); i++)
        mlg_put(out, "^");
    mlg_put(out, "\n");
}

void mlg_put_diagnostics(struct mlg_builder *out, const char *program, const struct mlg_diagnostics *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct mlg_diagnostic *item = &list->items[i];
        const struct mlg_place *place = &item->place;
        if (place->file)
            mlg_put_plain(out, place->file);
        else
            mlg_put(out, program);
        if (place->file && place->line)
            mlg_put_format(out, ":%lu", place->line);
        if (place->file && place->line && place->column)
            mlg_put_format(out, ":%u", place->column);
        mlg_put(out, item->severity == MLG_WARNING ? ": warning: " : ": ");
        mlg_put_plain(out, item->text);
        mlg_put(out, "\n");
        if (item->quote && place->line)
            put_quote(out, item);
    }
    if (list->omitted)
        mlg_put_format(out, "%s: and %zu more\n", program, list->omitted);
}

static bool is_first_of_file(const struct mlg_diagnostics *list, size_t item)
{
    for (size_t i = 0; i < item; i++)
        if (list->items[i].severity == MLG_ERROR && list->items[i].place.file &&
            strcmp(list->items[i].place.file, list->items[item].place.file) == 0)
            return false;
    return true;
}

/* Prints what is wrong, and a last sentence that says where: in the config, the file of the waivers, the
 * options. `end` is what that means. */
static int tell_mistakes(struct mlg_session *session, const char *end)
{
    const struct mlg_diagnostics *list = &session->mistakes;
    struct mlg_builder out, files;
    size_t of_options = 0, file_count = 0;
    mlg_builder_init(&out, 0);
    mlg_builder_init(&files, MLG_ERROR_SIZE);
    mlg_put_diagnostics(&out, session->program, list);
    session->world->print(session->world->self, 2, out.data, out.size);
    mlg_builder_free(&out);
    for (size_t i = 0; i < list->count; i++) {
        const char *file = list->items[i].place.file;
        if (list->items[i].severity != MLG_ERROR)
            continue;
        of_options += !file;
        if (file && is_first_of_file(list, i))
            mlg_put_format(&files, "%s'%s'", file_count++ ? " and " : "", file);
    }
    if (list->errors > 1 || file_count > 0)
        mlg_complain(session, "%zu %s in %s%s%s%s", list->errors,
                     mlg_plural(list->errors, "mistake", "mistakes"), file_count ? files.data : "",
                     file_count && of_options ? " and " : "", of_options ? "the options" : "", end);
    mlg_builder_free(&files);
    return list->errors ? MLG_EXIT_ERROR : MLG_EXIT_PASS; /* of one option, its own sentence is all */
}

static const char nothing_was_judged[] = "; nothing was judged";

/* ---- files ---------------------------------------------------------------------------------------- */

/* A whole file of at most `limit` bytes. NULL: told in `error`. */
static char *read_file(struct mlg_session *session, const char *path, size_t limit, size_t *size,
                       struct mlg_error *error)
{
    return mlg_world_read_file(session->world, path, limit, &session->arena, size, error);
}

/* ---- loading --------------------------------------------------------------------------------------- */

static bool gather_flags(struct mlg_session *session, struct mlg_flag **flags, size_t *count)
{
    *count = 0;
    *flags = MLG_NEW_ARRAY(&session->arena, struct mlg_flag, session->options.count + 1);
    for (size_t i = 0; *flags && i < session->options.count; i++) {
        const struct mlg_option *option = &session->options.items[i];
        const struct mlg_node *node = option->own ? NULL : mlg_option_node(option, &session->arena);
        if (node)
            (*flags)[(*count)++] = (struct mlg_flag){.name = option->flag + 2, .node = node};
    }
    return *flags != NULL;
}

/* What there is to read of the config and the flags; every mistake is told. */
static void load(struct mlg_session *session, struct mlg_loaded *loaded)
{
    struct mlg_flag *flags;
    size_t flag_count, size;
    struct mlg_diagnostics *list = &session->mistakes;
    *loaded = (struct mlg_loaded){0};
    if (!gather_flags(session, &flags, &flag_count)) {
        mlg_diagnose(list, MLG_ERROR, (struct mlg_place){0}, 0, NULL, "no memory for the options");
        return;
    }
    if (session->gate) {
        loaded->suite =
            mlg_suite_from_flags(session->gate, session->world, flags, flag_count, &session->arena, list);
        return;
    }
    struct mlg_error error;
    loaded->path = session->own.config;
    char *bytes = read_file(session, loaded->path, MLG_YAML_SIZE, &size, &error);
    if (!bytes) {
        bool usual = strcmp(loaded->path, "mlgate.yaml") == 0;
        mlg_diagnose(list, MLG_ERROR, (struct mlg_place){0}, 0, NULL, "%s%s", error.text,
                     usual ? "; 'mlgate init' writes one to start from, --config names another" : "");
        return;
    }
    mlg_sha256(bytes, size, loaded->sha256);
    const struct mlg_node *root = mlg_yaml_parse(loaded->path, bytes, size, &session->arena, list);
    loaded->is_partial = !root;
    if (!root)
        loaded->sections = mlg_yaml_sections(loaded->path, bytes, size, &session->arena);
    loaded->root = root ? root : mlg_yaml_salvage(loaded->path, bytes, size, &session->arena);
    if (!loaded->root)
        return;
    /* Of what ends at a mistake no suite is made, but the mistakes before that are told too. */
    loaded->suite = mlg_suite_load(loaded->root, loaded->path, mlg_gates, session->world, flags, flag_count,
                                   &session->arena, list);
    if (loaded->suite)
        memcpy(loaded->suite->sha256, loaded->sha256, sizeof loaded->sha256);
}

/* Is every name of --only a gate? */
static void judge_only(struct mlg_session *session, const struct mlg_suite *suite)
{
    for (size_t i = 0; suite && i < session->own.only.count; i++) {
        const char *wanted = session->own.only.items[i];
        const char **names = MLG_NEW_ARRAY(&session->arena, const char *, suite->gate_count);
        struct mlg_builder known;
        bool found = false;
        mlg_builder_init(&known, 2000);
        for (size_t g = 0; names && g < suite->gate_count; g++) {
            names[g] = suite->gates[g].name;
            found |= strcmp(names[g], wanted) == 0;
            mlg_put_format(&known, "%s%s", g ? ", " : "", names[g]);
        }
        const char *near = names && !found ? mlg_nearest(wanted, names, suite->gate_count) : NULL;
        if (!found)
            mlg_node_diagnose(&session->mistakes, MLG_ERROR, session->own.only.nodes[i],
                              near ? "no gate is named '%s'; did you mean '%s'?"
                                   : "no gate is named '%s'; known are %s",
                              wanted, near ? near : known.data);
        mlg_builder_free(&known);
    }
}

/* ---- run ------------------------------------------------------------------------------------------- */

/* Days since 1970 to a date of the Gregorian calendar, after the well-known count of days in 400 years,
 * with the year beginning in March so that the leap day comes last. */
static const char *utc(int64_t seconds, struct mlg_arena *arena)
{
    int64_t days = seconds / 86400, rest = seconds % 86400;
    if (rest < 0) {
        rest += 86400;
        days--;
    }
    days += 719468; /* from 0000-03-01 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153; /* 0 is March */
    int64_t day = day_of_year - (153 * month + 2) / 5 + 1;
    int64_t year = year_of_era + era * 400 + (month >= 10);
    month = month < 10 ? month + 3 : month - 9;
    return mlg_arena_format(arena, "%04lld-%02lld-%02lldT%02lld:%02lld:%02lldZ", (long long)year,
                            (long long)month, (long long)day, (long long)(rest / 3600),
                            (long long)(rest / 60 % 60), (long long)(rest % 60));
}

/* The time that reports show. https://reproducible-builds.org/specs/source-date-epoch/ may set it; what is
 * judged by a clock (waivers) is judged by the real one. */
static int64_t shown_time(const struct mlg_world *world)
{
    const char *fixed = world->environment(world->self, "SOURCE_DATE_EPOCH");
    int64_t seconds = 0;
    size_t digits = fixed ? strspn(fixed, "0123456789") : 0;
    if (digits == 0 || digits > 11 || fixed[digits])
        return world->unix_time(world->self);
    for (size_t i = 0; i < digits; i++)
        seconds = seconds * 10 + (fixed[i] - '0');
    return seconds;
}

/* What a run that could not be judged puts on standard error, in one sentence; of the errors of the suite the
 * first `untold`. */
static void tell_errors(const struct mlg_session *session, const struct mlg_results *results, size_t untold)
{
    const char *gate = NULL, *check = NULL, *what = NULL;
    size_t count = 0;
    for (size_t i = 0; i < untold; i++, count++)
        what = what ? what : results->errors[i];
    for (size_t g = 0; g < results->gate_count; g++) {
        const struct mlg_gate_result *result = &results->gates[g];
        if (result->error) {
            gate = what ? gate : result->name;
            what = what ? what : result->error;
            count++;
            continue; /* its checks say the same */
        }
        for (size_t c = 0; c < result->check_count; c++)
            if (result->checks[c].verdict == MLG_VERDICT_ERROR && result->checks[c].blocks) {
                if (!what) {
                    check = result->checks[c].id;
                    what = result->checks[c].reason ? result->checks[c].reason : "it could not be judged";
                }
                count++;
            }
    }
    if (!what)
        return;
    char more[64] = "";
    if (count > 1)
        snprintf(more, sizeof more, " (and %zu more)", count - 1);
    const char *subject = check ? check : gate && !session->gate ? gate : NULL;
    mlg_complain(session, "%s%s%s%s", subject ? subject : "", subject ? ": " : "", what, more);
}

static void tell_run(const struct mlg_session *session, double start, const char *started, unsigned threads,
                     struct mlg_results *results)
{
    const struct mlg_world *world = session->world;
    results->run.started = started;
    results->run.seconds = world->seconds(world->self) - start;
    results->run.threads = threads;
    results->run.host = world->host(world->self);
    results->run.command = session->line;
}

/* Works out the results; `results` is filled whatever happens. */
static void judge(struct mlg_session *session, const struct mlg_loaded *loaded, struct mlg_results *results)
{
    const struct mlg_world *world = session->world;
    double start = world->seconds(world->self);
    const char *started = utc(shown_time(world), &session->arena);
    unsigned threads = 1;
    if (loaded->suite) {
        struct mlg_error error = {0};
        int64_t wanted = loaded->suite->threads;
        threads = wanted > 0 ? (unsigned)wanted : world->processors(world->self);
        if (mlg_suite_run(loaded->suite, world, session->own.only.items, session->own.only.count, threads,
                          &session->arena, results, &error) != MLG_OK) {
            *results = (struct mlg_results){0};
            mlg_diagnose(&session->mistakes, MLG_ERROR, error.place, 0, NULL, "%s", error.text);
            mlg_results_of_diagnostics(&session->mistakes, loaded->path, &session->arena, results);
        }
    } else {
        mlg_results_of_diagnostics(&session->mistakes, loaded->path, &session->arena, results);
    }
    results->config_sha256 = loaded->sha256[0] ? loaded->sha256 : NULL;
    tell_run(session, start, started, threads, results);
}

/* The same, from an earlier run where that had the same to judge. */
static void judge_or_recall(struct mlg_session *session, const struct mlg_loaded *loaded,
                            struct mlg_results *results)
{
    const struct mlg_world *world = session->world;
    double start = world->seconds(world->self);
    struct mlg_cache cache;
    mlg_cache_open(session, loaded, &cache);
    if (mlg_cache_find(session, &cache, results)) {
        results->run.cached = results->run.started;
        tell_run(session, start, utc(shown_time(world), &session->arena), 1, results);
        return;
    }
    judge(session, loaded, results);
    mlg_cache_keep(session, &cache, results);
}

/* A mistake that ends the reading may stand before what the config says of its reports. */
static void warn_of_unknown_reports(struct mlg_session *session, const struct mlg_loaded *loaded)
{
    if (loaded->is_partial && !mlg_written_reports(loaded))
        mlg_diagnose(&session->mistakes, MLG_WARNING, (struct mlg_place){.file = loaded->path}, 0, NULL,
                     "whether 'reports' stand behind the mistake is not known; old ones may still lie there");
}

/* So that gates which read whole directories know what there is ours. */
static void name_written(struct mlg_session *session, const struct mlg_targets *targets,
                         struct mlg_suite *suite)
{
    const char **items = MLG_NEW_ARRAY(&session->arena, const char *, targets->count + 1);
    suite->written = (struct mlg_texts){.items = items};
    for (size_t i = 0; items && i < targets->count; i++)
        if (!targets->items[i].is_stream && !targets->items[i].keeps)
            items[suite->written.count++] = targets->items[i].path;
}

int mlg_command_run(struct mlg_session *session)
{
    struct mlg_loaded loaded;
    struct mlg_targets targets = {0};
    struct mlg_inputs inputs = {0};
    struct mlg_results results = {0};
    mlg_targets_of_flags(session, &targets);
    load(session, &loaded);
    mlg_targets_of_suite(session, &targets, &loaded);
    mlg_platform_choose(session);
    mlg_platform_add(session, &targets);
    judge_only(session, loaded.suite);
    mlg_judge_environment(session);
    if (session->mistakes.errors)
        loaded.suite = NULL;
    mlg_inputs_of(session, &inputs, &loaded);
    mlg_targets_prepare(session, &targets);
    mlg_targets_judge(session, &targets, &inputs);
    mlg_targets_clear(session, &targets);
    warn_of_unknown_reports(session, &loaded);
    mlg_diagnostics_sort(&session->mistakes);
    mlg_platform_begin(session, &targets);
    if (session->mistakes.errors || !loaded.suite) {
        loaded.suite = NULL;
        judge(session, &loaded, &results);
        tell_mistakes(session, nothing_was_judged);
        mlg_targets_write(session, &targets, &results, true, mlg_targets_want_console(&targets));
        if (session->mistakes.errors == 0)
            mlg_complain(session, "nothing was judged");
        return mlg_platform_end(session, &targets, &results, MLG_EXIT_ERROR);
    }
    tell_mistakes(session, ""); /* warnings */
    name_written(session, &targets, loaded.suite);
    judge_or_recall(session, &loaded, &results);
    size_t untold = results.error_count;
    mlg_targets_write(session, &targets, &results, true, true);
    tell_errors(session, &results, untold);
    return mlg_platform_end(session, &targets, &results, results.exit_code);
}

/* ---- check ----------------------------------------------------------------------------------------- */

int mlg_command_check(struct mlg_session *session)
{
    struct mlg_loaded loaded;
    struct mlg_targets targets = {0};
    struct mlg_inputs inputs = {0};
    load(session, &loaded);
    mlg_targets_of_suite(session, &targets, &loaded);
    mlg_judge_environment(session);
    mlg_inputs_of(session, &inputs, &loaded);
    mlg_targets_judge(session, &targets, &inputs);
    mlg_diagnostics_sort(&session->mistakes);
    if (loaded.suite && session->mistakes.errors == 0)
        mlg_suite_review(loaded.suite, session->world, &session->arena, &session->mistakes);
    if (tell_mistakes(session, nothing_was_judged) != MLG_EXIT_PASS || !loaded.suite)
        return MLG_EXIT_ERROR;
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    if (session->own.expand) {
        mlg_suite_expand(loaded.suite, &out);
        return mlg_finish_output(session, &out);
    }
    size_t checks = 0;
    for (size_t g = 0; g < loaded.suite->gate_count; g++)
        for (size_t c = 0; c < loaded.suite->gates[g].checks.count; c++)
            checks +=
                mlg_gate_judges(loaded.suite->gates[g].gate, &loaded.suite->gates[g].checks.items[c].check);
    if (checks == 0)
        return mlg_complain(session,
                            "no check of '%s' has a limit: a run would judge nothing; write one such as "
                            "'roc_auc >= 0.85'",
                            loaded.path);
    mlg_put_plain(&out, loaded.path);
    mlg_put_format(&out, ": %zu %s in %zu %s, no mistakes\n", checks, mlg_plural(checks, "check", "checks"),
                   loaded.suite->gate_count, mlg_plural(loaded.suite->gate_count, "gate", "gates"));
    return mlg_finish_output(session, &out);
}

/* ---- report ---------------------------------------------------------------------------------------- */

enum { RESULTS_SIZE = 256 * 1024 * 1024, CHANGES_SIZE = 16 * 1024 * 1024 };

int mlg_command_report(struct mlg_session *session)
{
    struct mlg_targets targets = {0};
    struct mlg_inputs inputs = {0};
    struct mlg_results results = {0};
    struct mlg_error error;
    size_t size;
    const char *from = session->own.from;
    const struct mlg_node words = {.origin = {.type = MLG_FROM_FLAG, .name = "report"}};
    for (size_t i = 0; i < session->argument_count; i++) {
        const char *word = session->arguments[i], *equals = strchr(word, '=');
        if (!equals || equals == word || !equals[1])
            return mlg_complain(session, "'%s' is no report; write KIND=PATH, as in junit=junit.xml", word);
        const char *kind = mlg_arena_copy(&session->arena, word, (size_t)(equals - word));
        if (!kind)
            return mlg_complain(session, "no memory for the reports");
        mlg_targets_add(session, &targets, kind, equals + 1, &words);
    }
    mlg_targets_of_flags(session, &targets);
    mlg_platform_choose(session); /* how its reports name files; it brings none here */
    mlg_inputs_add(session, &inputs, from, "");
    mlg_inputs_add(session, &inputs, session->own.changes, "");
    mlg_targets_prepare(session, &targets);
    mlg_targets_judge(session, &targets, &inputs);
    mlg_targets_clear(session, &targets);
    if (tell_mistakes(session, "; nothing was written") != MLG_EXIT_PASS)
        return MLG_EXIT_ERROR;
    if (session->own.changes) {
        session->report_options.changes =
            read_file(session, session->own.changes, CHANGES_SIZE, &size, &error);
        if (!session->report_options.changes)
            return mlg_complain(session, "%s", error.text);
    }
    char *bytes = read_file(session, from, RESULTS_SIZE, &size, &error);
    if (!bytes)
        return mlg_complain(session, "%s; 'mlgate run --report json=results.json' writes one", error.text);
    if (mlg_results_read(from, bytes, size, &session->arena, &results, &error) != MLG_OK)
        return mlg_complain_of(session, &error);
    bool console = targets.count == 0 || mlg_targets_want_console(&targets);
    return mlg_targets_write(session, &targets, &results, false, console) ? MLG_EXIT_PASS : MLG_EXIT_ERROR;
}

/* ---- init ------------------------------------------------------------------------------------------ */

static const char starter[] =
    "# What must hold before this model is used. `mlgate run` judges it and ends with 0 (nothing blocks),\n"
    "# 1 (a check failed), 2 (the data cannot decide) or 3 (an error).\n"
    "# `mlgate list` shows every quantity, `mlgate explain roc_auc` one of them.\n"
    "version: 1\n"
    "\n"
    "data:\n"
    "  test:                        # rows that the model has not seen\n"
    "    path: test.csv             # .csv, .tsv, .jsonl or .parquet, also .gz .zst .xz .bz2\n"
    "    label: label               # the column with the truth\n"
    "    score: score               # the column with the probability of the positive class\n"
    "    # prediction: predicted    # the column with the answer; else score >= threshold (0.5)\n"
    "    # positive: yes            # the positive class, where it is not 1 or true\n"
    "  # train:                     # rows that it was fitted to, answered by the same model\n"
    "  #   path: train.csv\n"
    "  #   label: label\n"
    "  #   score: score\n"
    "\n"
    "confidence: 0.95               # one-sided, of every bound\n"
    "\n"
    "gates:\n"
    "  - gate: accuracy\n"
    "    data: test\n"
    "    # slices: [sex, sex*race, age < 25]   # every check also on each of these\n"
    "    checks:\n"
    "      - roc_auc >= 0.80\n"
    "      - brier <= 0.20\n"
    "      - log_loss               # without a limit it is reported and blocks nothing\n"
    "  # - gate: overfit            # does it know more about its training rows than about the world?\n"
    "  #   data: test\n"
    "  #   train: train\n"
    "  #   checks:\n"
    "  #     - gap(roc_auc) <= 0.05 # train less held-out; docs/overfit.md says how to choose a limit\n"
    "  #     - gain_over_dummy(brier) >= 0.01\n"
    "  # - gate: repro              # does training again give the same? (docs/repro.md)\n"
    "  #   run: [python3, train.py, --out, \"{output}\"]   # {output} is a fresh directory\n"
    "  #   inputs: [train.py, data]                      # all that it reads\n"
    "  #   outputs: [model.npz, predictions.csv]         # what it writes to {output}\n"
    "  #   vary: [hash_seed, timezone, home, path]       # none: the same surroundings\n"
    "  #   prediction: predicted\n"
    "  #   checks:\n"
    "  #     - identical(model.npz)\n"
    "  #     - flips(predictions.csv) <= 0.5%\n"
    "\n"
    "reports:\n"
    "  junit: junit.xml\n"
    "  json: results.json\n";

int mlg_command_init(struct mlg_session *session)
{
    const struct mlg_world *world = session->world;
    const char *path = session->own.config;
    struct mlg_error error;
    if (session->own.hook)
        return mlg_init_hook(session);
    for (size_t i = 0; i < session->options.count; i++)
        if (strcmp(session->options.items[i].flag, "--type") == 0 && session->options.items[i].count > 0)
            return mlg_complain(session, "--type is of a hook, which --hook asks for");
    const bool standard = strcmp(path, "-") == 0;
    bool exists = false;
    int code = standard ? world->write(world->self, path, starter, sizeof starter - 1, &error)
                        : world->create(world->self, path, starter, sizeof starter - 1, &exists, &error);
    if (exists)
        return mlg_complain(session, "'%s' is there already; --config PATH writes another", path);
    if (code)
        return mlg_complain(session, "%s", error.text);
    if (standard)
        return MLG_EXIT_PASS;
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    mlg_put_plain(&out, path);
    mlg_put(&out, ": written; name your data in it, then 'mlgate check' and 'mlgate run'\n");
    return mlg_finish_output(session, &out);
}
