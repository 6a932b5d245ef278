/* What did not pass, with places that readers find in the repository. */
#include "findings.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parts.h"

enum { TITLE_CUT = 200, MESSAGE_CUT = 1500, PATH_DEPTH = 64 };

/* What blocks stands first, the whole before its parts. */
enum order { OF_SUITE, OF_GATE, FAILS, ERRS, OPEN, IDLE, WARNS, WAIVED };

struct finder {
    const struct mlg_results *results;
    const struct mlg_report_options *options;
    struct mlg_findings *findings;
    struct mlg_index texts, taken; /* of fingerprints: what they are made of, and what they are */
    struct mlg_builder raw, safe;
};

/* ---- paths ---------------------------------------------------------------------------------------- */

/* The parts of a path between slashes, "." and ".." worked out; what would lead above the first is left out.
 */
struct way {
    const char *parts[PATH_DEPTH];
    size_t sizes[PATH_DEPTH], count;
    bool is_too_deep;
};

static void walk(struct way *way, const char *path)
{
    while (*path) {
        const size_t size = strcspn(path, "/");
        if (size == 2 && path[0] == '.' && path[1] == '.') {
            way->count -= way->count > 0;
        } else if (size > 0 && !(size == 1 && path[0] == '.')) {
            if (way->count == PATH_DEPTH) {
                way->is_too_deep = true;
                return;
            }
            way->parts[way->count] = path;
            way->sizes[way->count++] = size;
        }
        path += size;
        path += *path == '/';
    }
}

static bool has_same_part(const struct way *a, const struct way *b, size_t i)
{
    return a->sizes[i] == b->sizes[i] && memcmp(a->parts[i], b->parts[i], a->sizes[i]) == 0;
}

const char *mlg_findings_place(const char *path, const struct mlg_report_options *options,
                               struct mlg_arena *arena)
{
    const char *root = options ? options->root : NULL, *directory = options ? options->directory : NULL;
    struct way way = {0}, base = {0};
    struct mlg_builder out;
    if (!path || !*path || strcmp(path, "-") == 0)
        return NULL;
    if (path[0] != '/' && directory && root)
        walk(&way, directory);
    walk(&way, path);
    walk(&base, root ? root : "");
    size_t first = 0;
    if (path[0] == '/' || directory) {
        while (first < base.count && first < way.count && has_same_part(&way, &base, first))
            first++;
        if (first < base.count)
            first = 0; /* not in the repository: all of it, as if the file system were one */
    }
    if (way.is_too_deep || first >= way.count)
        return NULL;
    struct mlg_builder safe;
    mlg_builder_init(&out, 0);
    mlg_builder_init(&safe, 0);
    for (size_t i = first; i < way.count; i++) {
        mlg_put(&out, i > first ? "/" : "");
        mlg_put_bytes(&out, way.parts[i], way.sizes[i]);
    }
    if (out.failed)
        safe.failed = true;
    else
        mlg_put_plain(&safe, out.data); /* as it stands, unless nobody would name a file so */
    const char *text = mlg_take(&safe, arena);
    mlg_builder_free(&out);
    mlg_builder_free(&safe);
    return text;
}

const char *mlg_findings_fallback(const struct mlg_results *results, const struct mlg_report_options *options,
                                  struct mlg_arena *arena)
{
    const char *file = mlg_findings_place(results->config_path, options, arena);
    for (size_t i = 0; !file && i < results->input_count; i++)
        file = mlg_findings_place(results->inputs[i].path, options, arena);
    return file ? file : "mlgate.yaml";
}

/* "mlgate.yaml:7:9: unknown key ...": moves `*text` behind the place. A quotation mark is of a sentence. */
static void split_place(struct finder *finder, const char **text, struct mlg_finding *finding)
{
    const char *at = *text;
    for (at = strchr(at, ':'); at; at = strchr(at + 1, ':')) {
        char *end;
        if (at[1] < '1' || at[1] > '9')
            continue;
        const unsigned long line = strtoul(at + 1, &end, 10);
        unsigned long column = 0;
        if (*end == ':' && end[1] >= '1' && end[1] <= '9')
            column = strtoul(end + 1, &end, 10);
        if (end[0] != ':' || end[1] != ' ')
            continue;
        const size_t size = (size_t)(at - *text);
        if (size == 0 || memchr(*text, '\'', size))
            return;
        const char *path = mlg_arena_copy(&finder->findings->arena, *text, size);
        finding->file = path ? mlg_findings_place(path, finder->options, &finder->findings->arena) : NULL;
        finding->line = line;
        finding->column = column;
        *text = end + 2;
        return;
    }
}

/* ---- texts ---------------------------------------------------------------------------------------- */

static const char *take_safe(struct finder *finder, size_t most)
{
    finder->safe.failed = finder->safe.failed || finder->raw.failed;
    size_t size = finder->raw.size;
    if (size > most) {
        size = most;
        while (size && (finder->raw.data[size] & 0xc0) == 0x80)
            size--;
        finder->raw.data[size] = '\0';
    }
    mlg_put_plain(&finder->safe, finder->raw.data ? finder->raw.data : "");
    if (size < finder->raw.size)
        mlg_put(&finder->safe, "\xe2\x80\xa6");
    finder->raw.size = 0;
    if (finder->raw.capacity)
        finder->raw.data[0] = '\0';
    const char *text = mlg_take(&finder->safe, &finder->findings->arena);
    if (!text)
        finder->findings->failed = true;
    return text ? text : "";
}

/* Of the text in `raw`, which it takes; of the same text again the next number is a part. */
static void put_fingerprint(struct finder *finder, struct mlg_finding *finding)
{
    static const uint64_t prime = 1099511628211U;
    bool made = false;
    const char *key = mlg_take(&finder->raw, &finder->findings->arena);
    struct mlg_index_slot *same = key ? mlg_index_get(&finder->texts, key, 1, &made) : NULL;
    if (!same) {
        finder->findings->failed = true;
        return;
    }
    for (made = false; !made && !finder->findings->failed;) {
        char number[32];
        snprintf(number, sizeof number, "\n%zu", same->value++);
        uint64_t left = 14695981039346656037U, right = 0x6d6c67617465U; /* FNV-1a, begun in two ways */
        for (size_t part = 0; part < 2; part++)
            for (const char *c = part ? number : key; *c; c++) {
                left = (left ^ (unsigned char)*c) * prime;
                right = (right ^ (unsigned char)*c ^ (left >> 56)) * prime;
            }
        snprintf(finding->fingerprint, sizeof finding->fingerprint, "%016" PRIx64 "%016" PRIx64, left, right);
        if (!mlg_index_get(&finder->taken, finding->fingerprint, 0, &made))
            finder->findings->failed = true;
    }
}

/* ---- what is found -------------------------------------------------------------------------------- */

static struct mlg_finding *add(struct finder *finder, enum order order)
{
    struct mlg_finding *finding = &finder->findings->items[finder->findings->count++];
    *finding = (struct mlg_finding){.order = (int)order};
    return finding;
}

static void add_text(struct finder *finder, const char *text, enum order order)
{
    struct mlg_finding *finding = add(finder, order);
    const struct mlg_verdict_row *row = &mlg_verdicts[MLG_VERDICT_ERROR];
    const bool blocks = order == OF_SUITE;
    const char *rest = text;
    finding->rule = blocks ? "suite" : "warning";
    finding->severity = row->severity[blocks];
    finding->quality = row->quality[blocks];
    split_place(finder, &rest, finding);
    finding->title = blocks ? "mlgate: an error of the suite" : "mlgate: warning";
    mlg_put(&finder->raw, rest);
    finding->message = take_safe(finder, MESSAGE_CUT);
    mlg_put(&finder->raw, finding->rule);
    mlg_put(&finder->raw, "\n");
    mlg_put(&finder->raw, rest);
    put_fingerprint(finder, finding);
    if (!finding->file && blocks)
        finding->file =
            mlg_findings_place(finder->results->config_path, finder->options, &finder->findings->arena);
}

static const char *kind_of(const struct mlg_gate_result *gate)
{
    return gate->gate ? gate->gate : "gate";
}

static void add_gate(struct finder *finder, const struct mlg_gate_result *gate)
{
    struct mlg_finding *finding = add(finder, OF_GATE);
    finding->gate = gate;
    finding->rule = kind_of(gate);
    finding->severity = mlg_verdicts[MLG_VERDICT_ERROR].severity[1];
    finding->quality = mlg_verdicts[MLG_VERDICT_ERROR].quality[1];
    mlg_put(&finder->raw, gate->name ? gate->name : "");
    mlg_put(&finder->raw, ": not judged");
    finding->title = take_safe(finder, TITLE_CUT);
    mlg_put(&finder->raw, gate->error);
    finding->message = take_safe(finder, MESSAGE_CUT);
    finding->file = mlg_findings_place(gate->file, finder->options, &finder->findings->arena);
    finding->line = gate->line;
    mlg_put(&finder->raw, "gate\n");
    mlg_put(&finder->raw, gate->name ? gate->name : "");
    put_fingerprint(finder, finding);
}

static void put_message(struct mlg_builder *out, const struct mlg_check_result *check)
{
    static const char *const words[MLG_VERDICT_COUNT] = {[MLG_FAIL] = "FAIL: ",
                                                         [MLG_INCONCLUSIVE] = "INCONCLUSIVE: ",
                                                         [MLG_VERDICT_ERROR] = "ERROR: ",
                                                         [MLG_WAIVED] = "WAIVED: "};
    if (check->enforce && !mlg_check_blocks(check) && check->verdict != MLG_WAIVED)
        mlg_put(out, "warns only: ");
    else if (!check->enforce)
        mlg_put(out, "not enforced: ");
    mlg_put(out, words[check->verdict] ? words[check->verdict] : "");
    mlg_put_evidence(out, check);
    if (check->verdict == MLG_WAIVED) {
        mlg_put(out, "; ");
        mlg_put_waiver(out, check);
    }
    if (check->advice) {
        mlg_put(out, "; advice: ");
        mlg_put(out, check->advice);
    }
}

static void add_check(struct finder *finder, const struct mlg_gate_result *gate,
                      const struct mlg_check_result *check)
{
    static const enum order orders[MLG_VERDICT_COUNT] = {
        [MLG_FAIL] = FAILS, [MLG_VERDICT_ERROR] = ERRS, [MLG_INCONCLUSIVE] = OPEN, [MLG_WAIVED] = WAIVED};
    const bool blocks = mlg_check_blocks(check);
    struct mlg_builder *raw = &finder->raw;
    struct mlg_finding *finding =
        add(finder, blocks || check->verdict == MLG_WAIVED ? orders[check->verdict] : IDLE);
    finding->gate = gate;
    finding->check = check;
    finding->severity = mlg_verdicts[check->verdict].severity[blocks];
    finding->quality = mlg_verdicts[check->verdict].quality[blocks];
    finding->file = mlg_findings_place(check->file, finder->options, &finder->findings->arena);
    finding->line = check->line;
    mlg_put(raw, kind_of(gate));
    mlg_put(raw, "/");
    mlg_put(raw, check->quantity ? check->quantity : "");
    finding->rule = take_safe(finder, TITLE_CUT);
    mlg_put(raw, gate->name ? gate->name : "");
    mlg_put(raw, ": ");
    mlg_put_check(raw, check, " / ");
    if (check->slice_count) {
        mlg_put(raw, " / ");
        mlg_put_slice(raw, check);
    }
    finding->title = take_safe(finder, TITLE_CUT);
    put_message(raw, check);
    finding->message = take_safe(finder, MESSAGE_CUT);
    mlg_put(raw, gate->name ? gate->name : "");
    mlg_put(raw, "\n");
    mlg_put_quantity(raw, check);
    mlg_put(raw, "\n");
    mlg_put(raw, check->comparator ? check->comparator : "");
    mlg_put(raw, "\n");
    mlg_put_slice(raw, check);
    put_fingerprint(finder, finding);
}

/* Of one order as they stand in the results. */
static void sort(struct mlg_findings *findings)
{
    struct mlg_finding *sorted = MLG_NEW_ARRAY(&findings->arena, struct mlg_finding, findings->count + 1);
    size_t count = 0;
    if (!sorted) {
        findings->failed = true;
        return;
    }
    for (int order = OF_SUITE; order <= WAIVED; order++)
        for (size_t i = 0; i < findings->count; i++)
            if (findings->items[i].order == order)
                sorted[count++] = findings->items[i];
    findings->items = sorted;
}

static void find(struct finder *finder)
{
    const struct mlg_results *results = finder->results;
    for (size_t i = 0; i < results->error_count; i++)
        add_text(finder, results->errors[i], OF_SUITE);
    for (size_t g = 0; g < results->gate_count; g++) {
        const struct mlg_gate_result *gate = &results->gates[g];
        if (mlg_gate_has_own_error(gate))
            add_gate(finder, gate);
        for (size_t i = 0; i < gate->check_count; i++)
            if (mlg_verdicts[gate->checks[i].verdict].quality[0])
                add_check(finder, gate, &gate->checks[i]);
    }
    for (size_t i = 0; i < results->warning_count; i++)
        add_text(finder, results->warnings[i], WARNS);
    sort(finder->findings);
}

void mlg_findings_init(struct mlg_findings *findings, const struct mlg_results *results,
                       const struct mlg_report_options *options)
{
    struct finder finder = {.results = results, .options = options, .findings = findings};
    size_t most = results->error_count + results->warning_count;
    for (size_t g = 0; g < results->gate_count; g++)
        most += 1 + results->gates[g].check_count;
    *findings = (struct mlg_findings){0};
    mlg_arena_init(&findings->arena, MLG_BUILDER_LID * 8UL);
    findings->items = MLG_NEW_ARRAY(&findings->arena, struct mlg_finding, most + 1);
    mlg_builder_init(&finder.raw, 0);
    mlg_builder_init(&finder.safe, 0);
    if (findings->items && mlg_index_init(&finder.texts, most, &findings->arena) &&
        mlg_index_init(&finder.taken, most, &findings->arena))
        find(&finder);
    else
        findings->failed = true;
    findings->failed = findings->failed || finder.raw.failed || finder.safe.failed;
    mlg_builder_free(&finder.raw);
    mlg_builder_free(&finder.safe);
}

void mlg_findings_free(struct mlg_findings *findings)
{
    mlg_arena_free(&findings->arena);
}
