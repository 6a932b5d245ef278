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

/* Prints what is wrong, and a last sentence that says what that means. */
static int tell_mistakes(struct mlg_session *session, const char *path)
{
    struct mlg_diagnostics *list = &session->mistakes;
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    mlg_put_diagnostics(&out, session->program, list);
    session->world->print(session->world->self, 2, out.data, out.size);
    mlg_builder_free(&out);
    if (list->errors == 0)
        return MLG_EXIT_PASS;
    if (path)
        return mlg_complain(session, "%zu mistake%s in '%s'; nothing was judged", list->errors,
                            list->errors == 1 ? "" : "s", path);
    if (list->errors > 1)
        return mlg_complain(session, "%zu mistakes in the options; nothing was judged", list->errors);
    return MLG_EXIT_ERROR; /* its own sentence is the one */
}

/* ---- files ---------------------------------------------------------------------------------------- */

/* A whole file of at most `limit` bytes. NULL: told in `error`. */
static char *read_file(struct mlg_session *session, const char *path, size_t limit, size_t *size,
                       struct mlg_error *error)
{
    return mlg_world_read_file(session->world, path, limit, &session->arena, size, error);
}

static const char *strip(const char *path)
{
    while (path[0] == '.' && path[1] == '/') {
        path += 2;
        while (*path == '/')
            path++;
    }
    return path;
}

static bool is_same_path(const struct mlg_world *world, const char *a, const char *b)
{
    if (!a || !b || strcmp(a, "-") == 0 || strcmp(b, "-") == 0)
        return false;
    return strcmp(strip(a), strip(b)) == 0 || (world->same_file && world->same_file(world->self, a, b));
}

/* A path that stands in mlgate.yaml is relative to its directory. */
static const char *beside(const char *config, const char *path, struct mlg_arena *arena)
{
    const char *slash = config ? strrchr(config, '/') : NULL;
    if (!slash || path[0] == '/' || strcmp(path, "-") == 0)
        return path;
    const char *joined = mlg_arena_format(arena, "%.*s%s", (int)(slash - config + 1), config, path);
    return joined ? joined : path;
}

/* ---- reports --------------------------------------------------------------------------------------- */

struct target {
    const struct mlg_report *report;
    const char *path;
};

struct targets {
    struct target *items;
    size_t count, capacity;
};

static bool add_target(struct mlg_session *session, struct targets *targets, const char *kind,
                       const char *path, const struct mlg_node *node, const char *flag)
{
    const struct mlg_report *report = mlg_report_find(kind);
    if (!report) {
        const char *names[64];
        size_t count = 0;
        struct mlg_builder known;
        mlg_builder_init(&known, 1000);
        for (; mlg_reports[count] && count < 64; count++) {
            names[count] = mlg_reports[count]->name;
            mlg_put_format(&known, "%s%s", count ? ", " : "", names[count]);
        }
        const char *near = mlg_nearest(kind, names, count);
        const struct mlg_node nowhere = {.origin = {.type = MLG_FROM_FLAG, .name = flag}};
        mlg_node_diagnose(&session->mistakes, MLG_ERROR, node ? node : &nowhere,
                          near ? "unknown report '%s'; did you mean '%s'?"
                               : "unknown report '%s'; known are %s",
                          kind, near ? near : known.data);
        mlg_builder_free(&known);
        return false;
    }
    for (size_t i = 0; i < targets->count; i++)
        if (targets->items[i].report == report && strcmp(targets->items[i].path, path) == 0)
            return true; /* the same wish from config and flags */
    struct target *items = mlg_arena_grow(&session->arena, targets->items, &targets->capacity,
                                          targets->count + 1, sizeof *items);
    if (!items)
        return false;
    targets->items = items;
    items[targets->count++] = (struct target){.report = report, .path = path};
    return true;
}

static bool add_own_targets(struct mlg_session *session, struct targets *targets)
{
    bool good = true;
    const struct mlg_map *map = &session->own.report;
    for (size_t i = 0; i < map->count; i++)
        good &= add_target(session, targets, map->keys[i], map->values[i], NULL, "--report");
    return good;
}

static const struct mlg_node *key_node(const struct mlg_node *map, const char *key)
{
    for (size_t i = 0; map && map->type == MLG_NODE_MAP && i < map->count; i++)
        if (strcmp(map->entries[i].key->text, key) == 0)
            return map->entries[i].key;
    return NULL;
}

/* `reports` of the suite. Where the suite could not be loaded, what its text says about them. */
static bool add_suite_targets(struct mlg_session *session, struct targets *targets,
                              const struct mlg_suite *suite, const struct mlg_node *root, const char *config)
{
    bool good = true;
    const struct mlg_node *written = root ? mlg_node_get(root, "reports") : NULL;
    if (suite) {
        const struct mlg_param *row = mlg_params_find(mlg_suite_params, "reports");
        const struct mlg_origin *origin = &suite->origins[row - mlg_suite_params];
        bool from_config = origin->type == MLG_FROM_CONFIG;
        for (size_t i = 0; i < suite->reports.count; i++) {
            const char *kind = suite->reports.keys[i], *path = suite->reports.values[i];
            good &= add_target(
                session, targets, kind, from_config ? beside(config, path, &session->arena) : path,
                from_config ? key_node(written, kind) : NULL, origin->name ? origin->name : "reports");
        }
    } else if (written && written->type == MLG_NODE_MAP) {
        for (size_t i = 0; i < written->count; i++) {
            const struct mlg_node *key = written->entries[i].key, *path = written->entries[i].value;
            if (path->type == MLG_NODE_SCALAR && path->size && mlg_report_find(key->text))
                add_target(session, targets, key->text, beside(config, path->text, &session->arena), key,
                           NULL);
        }
    }
    return good;
}

/* Is `path` what mlgate.yaml or a flag calls `written`? NULL: nothing is. */
static bool is_read_from(struct mlg_session *session, const struct mlg_suite *suite, const char *path,
                         const char *written)
{
    const char *near = written ? beside(suite->path, written, &session->arena) : NULL;
    return is_same_path(session->world, path, written) || is_same_path(session->world, path, near);
}

/* No report may take the place of what it was made from, or of another one. */
static int refuse_clashes(struct mlg_session *session, const struct targets *targets,
                          const struct mlg_suite *suite, const char *config)
{
    for (size_t i = 0; i < targets->count; i++) {
        const struct target *target = &targets->items[i];
        if (is_same_path(session->world, target->path, config))
            return mlg_complain(session, "the %s report would overwrite '%s'; give it a path of its own",
                                target->report->name, target->path);
        if (suite && is_read_from(session, suite, target->path, suite->waivers_path))
            return mlg_complain(session,
                                "the %s report would overwrite the waivers '%s'; give it a path of its own",
                                target->report->name, target->path);
        for (size_t d = 0; suite && d < suite->data_count; d++) {
            if (is_read_from(session, suite, target->path, suite->data[d].path) ||
                is_read_from(session, suite, target->path, suite->data[d].labels_path))
                return mlg_complain(session,
                                    "the %s report would overwrite the data '%s'; give it a path of its own",
                                    target->report->name, target->path);
        }
        for (size_t k = 0; k < i; k++)
            if (strcmp(target->path, targets->items[k].path) == 0 ||
                is_same_path(session->world, target->path, targets->items[k].path))
                return mlg_complain(session,
                                    "the %s and %s reports have the same path '%s'; give each its own",
                                    targets->items[k].report->name, target->report->name, target->path);
    }
    return MLG_EXIT_PASS;
}

static int remove_stale(const struct mlg_session *session, const struct targets *targets)
{
    struct mlg_error error;
    for (size_t i = 0; i < targets->count; i++)
        if (strcmp(targets->items[i].path, "-") != 0 &&
            session->world->remove(session->world->self, targets->items[i].path, &error) != MLG_OK)
            return mlg_complain(session, "%s", error.text);
    return MLG_EXIT_PASS;
}

static int write_report(const struct mlg_session *session, const struct mlg_results *results,
                        const struct mlg_report *report, const char *path, bool colour)
{
    const struct mlg_world *world = session->world;
    const struct mlg_report_options options = {.colour = colour};
    struct mlg_builder out;
    struct mlg_error error;
    int code = MLG_EXIT_PASS;
    mlg_builder_init(&out, 0);
    report->write(results, &options, &out);
    if (out.failed)
        code = mlg_complain(session, "the %s report is larger than %d MiB", report->name,
                            MLG_BUILDER_LID / 1024 / 1024);
    else if (path && world->write(world->self, path, out.data, out.size, &error) != MLG_OK)
        code = mlg_complain(session, "%s", error.text);
    else if (!path && world->print(world->self, 2, out.data, out.size) != 0)
        code = MLG_EXIT_ERROR;
    mlg_builder_free(&out);
    return code;
}

static bool may_colour(const struct mlg_world *world, int stream)
{
    const char *no = world->environment(world->self, "NO_COLOR");
    const char *terminal = world->environment(world->self, "TERM");
    return world->is_terminal(world->self, stream) && !(no && *no) &&
           !(terminal && strcmp(terminal, "dumb") == 0);
}

/* All reports; the console's comes last, where a reader looks. */
static int write_reports(const struct mlg_session *session, const struct mlg_results *results,
                         const struct targets *targets, bool console)
{
    int code = MLG_EXIT_PASS;
    bool output_taken = false;
    for (size_t i = 0; i < targets->count; i++) {
        const struct target *target = &targets->items[i];
        bool output = strcmp(target->path, "-") == 0;
        bool is_console = strcmp(target->report->name, "console") == 0;
        if (output && is_console)
            continue; /* as if it had not been said */
        output_taken |= output;
        if (write_report(session, results, target->report, target->path, false) != MLG_EXIT_PASS)
            code = MLG_EXIT_ERROR;
    }
    if (console && write_report(session, results, mlg_report_find("console"), output_taken ? NULL : "-",
                                may_colour(session->world, output_taken ? 2 : 1)) != MLG_EXIT_PASS)
        code = MLG_EXIT_ERROR;
    return code;
}

static bool wants_console(const struct targets *targets)
{
    for (size_t i = 0; i < targets->count; i++)
        if (strcmp(targets->items[i].path, "-") == 0 &&
            strcmp(targets->items[i].report->name, "console") == 0)
            return true;
    return false;
}

/* ---- loading --------------------------------------------------------------------------------------- */

struct loaded {
    const char *path; /* of the config; NULL: made from flags */
    const struct mlg_node *root;
    struct mlg_suite *suite; /* NULL: there are mistakes */
};

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

/* Nonzero: the config could not be read at all; told. */
static int load(struct mlg_session *session, struct loaded *loaded)
{
    struct mlg_flag *flags;
    size_t flag_count, size;
    *loaded = (struct loaded){0};
    if (!gather_flags(session, &flags, &flag_count))
        return mlg_complain(session, "no memory for the options");
    if (session->gate) {
        loaded->suite = mlg_suite_from_flags(session->gate, session->world, flags, flag_count,
                                             &session->arena, &session->mistakes);
        return MLG_EXIT_PASS;
    }
    struct mlg_error error;
    loaded->path = session->own.config;
    char *bytes = read_file(session, loaded->path, MLG_YAML_SIZE, &size, &error);
    if (!bytes) {
        bool usual = strcmp(loaded->path, "mlgate.yaml") == 0;
        return mlg_complain(session, "%s%s", error.text,
                            usual ? "; 'mlgate init' writes one to start from, --config names another" : "");
    }
    loaded->root = mlg_yaml_parse(loaded->path, bytes, size, &session->arena, &session->mistakes);
    if (!loaded->root)
        return MLG_EXIT_PASS;
    loaded->suite = mlg_suite_load(loaded->root, loaded->path, mlg_gates, session->world, flags, flag_count,
                                   &session->arena, &session->mistakes);
    if (loaded->suite)
        mlg_sha256(bytes, size, loaded->suite->sha256);
    return MLG_EXIT_PASS;
}

/* Is every name of --only a gate? */
static bool judge_only(struct mlg_session *session, const struct mlg_suite *suite)
{
    bool good = true;
    for (size_t i = 0; suite && i < session->own.only.count; i++) {
        const char *wanted = session->own.only.items[i];
        const char **names = MLG_NEW_ARRAY(&session->arena, const char *, suite->gate_count);
        bool found = false;
        for (size_t g = 0; names && g < suite->gate_count; g++) {
            names[g] = suite->gates[g].name;
            found |= strcmp(names[g], wanted) == 0;
        }
        if (found)
            continue;
        const char *near = names ? mlg_nearest(wanted, names, suite->gate_count) : NULL;
        mlg_node_diagnose(&session->mistakes, MLG_ERROR, session->own.only.nodes[i],
                          near ? "no gate is named '%s'; did you mean '%s'?"
                               : "no gate is named '%s'; the first one is '%s'",
                          wanted,
                          near                ? near
                          : suite->gate_count ? suite->gates[0].name
                                              : "");
        good = false;
    }
    return good;
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

/* What a run that could not be judged puts on standard error, in one sentence. */
static void tell_errors(const struct mlg_session *session, const struct mlg_results *results)
{
    const char *gate = NULL, *check = NULL, *what = NULL;
    size_t count = 0;
    for (size_t i = 0; i < results->error_count; i++, count++)
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

/* Works out the results; `results` is filled whatever happens. */
static void judge(struct mlg_session *session, const struct loaded *loaded, struct mlg_results *results)
{
    const struct mlg_world *world = session->world;
    double start = world->seconds(world->self);
    const char *started = utc(world->unix_time(world->self), &session->arena);
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
    results->run.started = started;
    results->run.seconds = world->seconds(world->self) - start;
    results->run.threads = threads;
    results->run.host = world->host(world->self);
}

int mlg_command_run(struct mlg_session *session)
{
    struct loaded loaded;
    struct targets targets = {0};
    struct mlg_results results = {0};
    bool good = session->mistakes.errors == 0;
    /* Old reports go before anything can end the run: what stays behind would look fresh. */
    good &= add_own_targets(session, &targets);
    if (load(session, &loaded) != MLG_EXIT_PASS) {
        if (refuse_clashes(session, &targets, NULL, NULL) == MLG_EXIT_PASS)
            remove_stale(session, &targets);
        return MLG_EXIT_ERROR;
    }
    good &= add_suite_targets(session, &targets, loaded.suite, loaded.root, loaded.path);
    good &= judge_only(session, loaded.suite);
    int code = refuse_clashes(session, &targets, loaded.suite, loaded.path);
    if (code == MLG_EXIT_PASS)
        code = remove_stale(session, &targets);
    if (code != MLG_EXIT_PASS)
        return code;
    if (!good || session->mistakes.errors || !loaded.suite) {
        loaded.suite = NULL;
        mlg_diagnostics_sort(&session->mistakes);
        judge(session, &loaded, &results);
        code = tell_mistakes(session, loaded.path);
        write_reports(session, &results, &targets, wants_console(&targets));
        return code == MLG_EXIT_PASS ? mlg_complain(session, "nothing was judged") : code;
    }
    tell_mistakes(session, loaded.path); /* warnings */
    judge(session, &loaded, &results);
    code = results.exit_code;
    if (write_reports(session, &results, &targets, true) != MLG_EXIT_PASS && code != MLG_EXIT_FAIL)
        code = MLG_EXIT_ERROR;
    tell_errors(session, &results);
    return code;
}

/* ---- check ----------------------------------------------------------------------------------------- */

int mlg_command_check(struct mlg_session *session)
{
    struct loaded loaded;
    struct targets targets = {0};
    if (load(session, &loaded) != MLG_EXIT_PASS)
        return MLG_EXIT_ERROR;
    bool good = add_suite_targets(session, &targets, loaded.suite, loaded.root, loaded.path);
    mlg_diagnostics_sort(&session->mistakes);
    if (loaded.suite && session->mistakes.errors == 0)
        mlg_suite_review(loaded.suite, session->world, &session->arena, &session->mistakes);
    if (tell_mistakes(session, loaded.path) != MLG_EXIT_PASS || !loaded.suite || !good)
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
            checks += loaded.suite->gates[g].checks.items[c].check.comparator != MLG_NO_COMPARATOR;
    mlg_put_plain(&out, loaded.path);
    mlg_put_format(&out, ": %zu check%s in %zu gate%s, no mistakes\n", checks, checks == 1 ? "" : "s",
                   loaded.suite->gate_count, loaded.suite->gate_count == 1 ? "" : "s");
    return mlg_finish_output(session, &out);
}

/* ---- report ---------------------------------------------------------------------------------------- */

enum { RESULTS_SIZE = 256 * 1024 * 1024 };

int mlg_command_report(struct mlg_session *session)
{
    struct targets targets = {0};
    struct mlg_results results = {0};
    struct mlg_error error;
    size_t size;
    for (size_t i = 0; i < session->argument_count; i++) {
        const char *word = session->arguments[i], *equals = strchr(word, '=');
        if (!equals || equals == word || !equals[1])
            return mlg_complain(session, "'%s' is no report; write KIND=PATH, as in junit=junit.xml", word);
        const char *kind = mlg_arena_copy(&session->arena, word, (size_t)(equals - word));
        if (!kind)
            return mlg_complain(session, "no memory for the reports");
        add_target(session, &targets, kind, equals + 1, NULL, "report");
    }
    add_own_targets(session, &targets);
    if (session->mistakes.errors)
        return tell_mistakes(session, NULL);
    const char *from = session->own.from;
    if (refuse_clashes(session, &targets, NULL, from) != MLG_EXIT_PASS ||
        remove_stale(session, &targets) != MLG_EXIT_PASS)
        return MLG_EXIT_ERROR;
    char *bytes = read_file(session, from, RESULTS_SIZE, &size, &error);
    if (!bytes)
        return mlg_complain(session, "%s; 'mlgate run --report json=results.json' writes one", error.text);
    if (mlg_results_read(from, bytes, size, &session->arena, &results, &error) != MLG_OK) {
        if (error.place.file && error.place.line)
            return mlg_complain(session, "%s:%lu:%u: %s", error.place.file, error.place.line,
                                error.place.column, error.text);
        return mlg_complain(session, "%s%s%s", error.place.file ? error.place.file : "",
                            error.place.file ? ": " : "", error.text);
    }
    return write_reports(session, &results, &targets, targets.count == 0 || wants_console(&targets));
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
    "    path: test.csv             # .csv or .tsv, also .gz .zst .xz .bz2\n"
    "    label: label               # the column with the truth\n"
    "    score: score               # the column with the probability of the positive class\n"
    "    # prediction: predicted    # the column with the answer; else score >= threshold (0.5)\n"
    "    # positive: yes            # the positive class, where it is not 1 or true\n"
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
    "\n"
    "reports:\n"
    "  junit: junit.xml\n"
    "  json: results.json\n";

int mlg_command_init(struct mlg_session *session)
{
    const struct mlg_world *world = session->world;
    const char *path = session->own.config;
    struct mlg_error error;
    struct mlg_file file;
    bool there = world->same_file && world->same_file(world->self, path, path);
    if (!there && strcmp(path, "-") != 0 && world->open(world->self, path, &file, NULL) == MLG_OK) {
        world->close(world->self, &file);
        there = true;
    }
    if (there)
        return mlg_complain(session, "'%s' is there already; --config PATH writes another", path);
    if (world->write(world->self, path, starter, sizeof starter - 1, &error) != MLG_OK)
        return mlg_complain(session, "%s", error.text);
    if (strcmp(path, "-") == 0)
        return MLG_EXIT_PASS;
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    mlg_put_plain(&out, path);
    mlg_put(&out, ": written; name your data in it, then 'mlgate check' and 'mlgate run'\n");
    return mlg_finish_output(session, &out);
}
