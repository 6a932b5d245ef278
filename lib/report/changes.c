/* changes: two finished suites side by side.
 *
 * Both were judged on their own, so that all there is to tell chance from change are two intervals. Where
 * they do not overlap the change is beyond them; where they do nothing is said. That is careful: values of
 * the same rows move together, which delta(METRIC) makes use of and two finished suites cannot.
 */
#include "mlgate/changes.h"

#include <math.h>
#include <string.h>

#include "mlgate/check.h"
#include "parts.h"

struct finder {
    struct mlg_changes *changes;
    struct mlg_arena *arena;
    bool failed;
};

static const char *keep(struct finder *finder, struct mlg_builder *text)
{
    const char *kept =
        text->failed ? NULL : mlg_arena_copy(finder->arena, text->size ? text->data : "", text->size);
    mlg_builder_free(text);
    finder->failed = finder->failed || !kept;
    return kept ? kept : "";
}

/* ---- facts of the suite ------------------------------------------------------------------------------- */

static void add_fact(struct finder *finder, const char *what, const char *before, const char *after)
{
    struct mlg_changes *changes = finder->changes;
    if (mlg_text_equal(before, after))
        return;
    struct mlg_fact_change *grown = mlg_arena_grow(finder->arena, changes->facts, &changes->fact_capacity,
                                                   changes->fact_count + 1, sizeof *grown);
    if (!grown || !what) {
        finder->failed = true;
        return;
    }
    changes->facts = grown;
    grown[changes->fact_count++] = (struct mlg_fact_change){what, before, after};
}

static const char *texts_of(struct finder *finder, const char **texts, size_t count)
{
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    for (size_t i = 0; i < count; i++) {
        mlg_put(&text, i ? ", " : "");
        mlg_put(&text, texts[i]);
    }
    const char *joined = keep(finder, &text);
    return count ? joined : NULL;
}

static const char *outside_of(struct finder *finder, const struct mlg_results *results)
{
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    mlg_put_outside(&text, results);
    const char *all = keep(finder, &text);
    return results->outside_count ? all : NULL;
}

/* "pass (exit code 0)" */
static const char *verdict_of(struct finder *finder, const struct mlg_results *results)
{
    const char *text = mlg_arena_format(finder->arena, "%s (exit code %d)",
                                        mlg_verdicts[results->verdict].word, results->exit_code);
    finder->failed = finder->failed || !text;
    return text;
}

enum { DIGEST_DIGITS = 12 };

/* "test.csv, sha256 12ab..., 5,226 rows, positive class yes"; the same content elsewhere is no change, so
 * that the whole digest alone is asked for (`is_shown` false). */
static void put_file(struct mlg_builder *out, const char *path, const char *sha256, bool is_shown)
{
    if (!sha256) {
        mlg_put_format(out, "%s of no known content", path ? path : "no file");
        return;
    }
    if (is_shown && path)
        mlg_put_format(out, "%s, ", path);
    mlg_put_format(out, "sha256 %.*s", is_shown ? DIGEST_DIGITS : 64, sha256);
}

static void put_rows(struct mlg_builder *out, uint64_t count, const char *what)
{
    if (count == 0)
        return;
    mlg_put(out, ", ");
    mlg_put_count(out, count);
    mlg_put(out, what);
}

static const char *config_of(struct finder *finder, const struct mlg_results *results, bool is_shown)
{
    struct mlg_builder text;
    if (!results->config_path && !results->config_sha256)
        return NULL;
    mlg_builder_init(&text, 0);
    put_file(&text, results->config_path, results->config_sha256, is_shown);
    return keep(finder, &text);
}

static const char *input_of(struct finder *finder, const struct mlg_input_result *input, bool is_shown)
{
    struct mlg_builder text;
    if (!input)
        return NULL;
    mlg_builder_init(&text, 0);
    put_file(&text, input->path, input->sha256, is_shown);
    put_rows(&text, input->rows, input->rows == 1 ? " row" : " rows");
    put_rows(&text, input->dropped, " dropped");
    put_rows(&text, input->unmatched, " without a prediction");
    if (input->positive) {
        mlg_put(&text, ", positive class ");
        mlg_put(&text, input->positive);
    }
    return keep(finder, &text);
}

/* The input of that name, of several the one at the same place among them. */
static const struct mlg_input_result *find_input(const struct mlg_results *results, const char *name,
                                                 size_t skipped)
{
    for (size_t i = 0; i < results->input_count; i++)
        if (mlg_text_equal(results->inputs[i].name, name) && skipped-- == 0)
            return &results->inputs[i];
    return NULL;
}

static void compare_inputs(struct finder *finder, const struct mlg_results *of, bool is_before)
{
    const struct mlg_results *other = is_before ? finder->changes->after : finder->changes->before;
    for (size_t i = 0; i < of->input_count && !finder->failed; i++) {
        size_t same = 0;
        for (size_t k = 0; k < i; k++)
            same += mlg_text_equal(of->inputs[k].name, of->inputs[i].name);
        const struct mlg_input_result *match = find_input(other, of->inputs[i].name, same);
        const char *what =
            mlg_arena_format(finder->arena, "input %s", of->inputs[i].name ? of->inputs[i].name : "");
        const bool same_content =
            mlg_text_equal(input_of(finder, &of->inputs[i], false), input_of(finder, match, false));
        if (is_before && !same_content)
            add_fact(finder, what, input_of(finder, &of->inputs[i], true), input_of(finder, match, true));
        else if (!is_before && !match)
            add_fact(finder, what, NULL, input_of(finder, &of->inputs[i], true));
    }
}

static void compare_facts(struct finder *finder)
{
    const struct mlg_results *before = finder->changes->before, *after = finder->changes->after;
    add_fact(finder, "verdict", verdict_of(finder, before), verdict_of(finder, after));
    add_fact(finder, "errors of the suite", texts_of(finder, before->errors, before->error_count),
             texts_of(finder, after->errors, after->error_count));
    add_fact(finder, "version", before->version, after->version);
    if (!mlg_text_equal(config_of(finder, before, false), config_of(finder, after, false)))
        add_fact(finder, "config", config_of(finder, before, true), config_of(finder, after, true));
    add_fact(finder, "set outside of it", outside_of(finder, before), outside_of(finder, after));
    add_fact(finder, "family", before->family, after->family);
    if (before->seed != after->seed)
        add_fact(finder, "seed", mlg_arena_format(finder->arena, "%lld", (long long)before->seed),
                 mlg_arena_format(finder->arena, "%lld", (long long)after->seed));
    add_fact(finder, "gates left out", texts_of(finder, before->left_out, before->left_out_count),
             texts_of(finder, after->left_out, after->left_out_count));
    compare_inputs(finder, before, true);
    compare_inputs(finder, after, false);
}

/* ---- which check is which ------------------------------------------------------------------------------ */

/* All checks of a suite in one list. */
struct entry {
    const struct mlg_check_result *check;
    const char *gate;
    bool is_reported;
    size_t match; /* in the other list; NOWHERE: none */
    size_t next;  /* of those with the same key */
};

static const size_t NOWHERE = (size_t)-1;

struct entries {
    struct entry *items;
    size_t count;
};

static void list_entries(struct finder *finder, const struct mlg_results *results, struct entries *entries)
{
    size_t count = 0;
    for (size_t g = 0; g < results->gate_count; g++)
        count += results->gates[g].check_count + results->gates[g].reported_count;
    entries->items = MLG_NEW_ARRAY(finder->arena, struct entry, count + 1);
    if (!entries->items) {
        finder->failed = true;
        return;
    }
    for (size_t g = 0; g < results->gate_count; g++) {
        const struct mlg_gate_result *gate = &results->gates[g];
        for (size_t i = 0; i < gate->check_count + gate->reported_count; i++) {
            const bool is_reported = i >= gate->check_count;
            entries->items[entries->count++] = (struct entry){
                .check = is_reported ? &gate->reported[i - gate->check_count] : &gate->checks[i],
                .gate = gate->name,
                .is_reported = is_reported,
                .match = NOWHERE,
                .next = NOWHERE};
        }
    }
}

static const char *id_of(const struct entry *entry)
{
    return entry->check->id ? entry->check->id : "";
}

static bool wants_more(const struct mlg_check_result *check)
{
    return check->comparator && check->comparator[0] == '>';
}

/* All of the id but the limit. Each piece stands behind its size, so that none can be taken for another. */
static const char *key_of(struct finder *finder, const struct entry *entry)
{
    const struct mlg_check_result *check = entry->check;
    struct mlg_builder key, piece;
    mlg_builder_init(&key, 0);
    mlg_put_format(&key, "%d%d%d ", entry->is_reported, check->comparator != NULL, wants_more(check));
    for (int part = 0; part < 3; part++) {
        mlg_builder_init(&piece, 0);
        if (part == 0)
            mlg_put(&piece, entry->gate ? entry->gate : "");
        else if (part == 1)
            mlg_put_quantity(&piece, check);
        else
            mlg_put_slice(&piece, check);
        mlg_put_format(&key, "%zu ", piece.size);
        mlg_put(&key, piece.size ? piece.data : "");
        key.failed = key.failed || piece.failed;
        mlg_builder_free(&piece);
    }
    return keep(finder, &key);
}

/* Matches what has the same key in both lists and no match yet, in order. */
static void match_entries(struct finder *finder, struct entries *before, struct entries *after,
                          const char *(*key)(struct finder *finder, const struct entry *entry))
{
    struct mlg_index index;
    size_t *last = MLG_NEW_ARRAY(finder->arena, size_t, after->count + 1);
    bool made;
    if (finder->failed || !last || !mlg_index_init(&index, after->count + before->count, finder->arena)) {
        finder->failed = true;
        return;
    }
    for (size_t i = 0; i < after->count; i++) {
        struct entry *entry = &after->items[i];
        if (entry->match != NOWHERE)
            continue;
        struct mlg_index_slot *slot = mlg_index_get(&index, key(finder, entry), i, &made);
        entry->next = NOWHERE;
        if (!slot) {
            finder->failed = true;
            return;
        }
        if (!made)
            after->items[last[slot->value]].next = i;
        last[slot->value] = i;
    }
    for (size_t i = 0; i < before->count; i++) {
        struct entry *entry = &before->items[i];
        if (entry->match != NOWHERE)
            continue;
        struct mlg_index_slot *slot = mlg_index_get(&index, key(finder, entry), NOWHERE, &made);
        if (!slot) {
            finder->failed = true;
            return;
        }
        size_t at = slot->value;
        while (at != NOWHERE && after->items[at].match != NOWHERE)
            at = after->items[at].next;
        if (at == NOWHERE)
            continue;
        entry->match = at;
        after->items[at].match = i;
    }
}

static const char *id_key(struct finder *finder, const struct entry *entry)
{
    (void)finder;
    return id_of(entry);
}

/* ---- what changed in a check --------------------------------------------------------------------------- */

static bool is_exact(const struct mlg_check_result *check)
{
    return check->method && strcmp(check->method, "exact") == 0;
}

static bool is_equal(struct mlg_optional a, struct mlg_optional b)
{
    return mlg_is_known(a) == mlg_is_known(b) &&
           (!mlg_is_known(a) || !(a.value < b.value || a.value > b.value));
}

static bool has_interval(const struct mlg_check_result *check)
{
    return mlg_is_known(check->lower) && mlg_is_known(check->upper);
}

static enum mlg_movement movement_of(const struct mlg_check_result *before,
                                     const struct mlg_check_result *after)
{
    if (is_equal(before->estimate, after->estimate))
        return MLG_MOVEMENT_NONE;
    if (!mlg_is_known(before->estimate) || !mlg_is_known(after->estimate))
        return MLG_MOVEMENT_UNKNOWN;
    if (is_exact(before) && is_exact(after))
        return MLG_MOVEMENT_EXACT;
    if (!has_interval(before) || !has_interval(after))
        return MLG_MOVEMENT_UNKNOWN;
    return after->lower.value > before->upper.value || after->upper.value < before->lower.value
               ? MLG_MOVEMENT_BEYOND
               : MLG_MOVEMENT_WITHIN;
}

static bool is_strict(const struct mlg_check_result *check)
{
    return check->comparator && check->comparator[0] && check->comparator[1] == '\0';
}

static int limit_change(const struct mlg_check_result *before, const struct mlg_check_result *after)
{
    if (!mlg_is_known(before->limit) || !mlg_is_known(after->limit))
        return 0;
    const double was = before->limit.value, is = after->limit.value;
    if (is < was || is > was)
        return (is > was) == wants_more(after) ? 1 : -1;
    return (int)is_strict(after) - (int)is_strict(before);
}

static void put_separator(struct mlg_builder *out)
{
    if (out->size)
        mlg_put(out, "; ");
}

static void put_change(struct mlg_builder *out, const char *what, const char *before, const char *after)
{
    if (mlg_text_equal(before, after))
        return;
    put_separator(out);
    mlg_put(out, what);
    mlg_put(out, before ? before : "none");
    mlg_put(out, " -> ");
    mlg_put(out, after ? after : "none");
}

/* "0.871 [0.861, 0.881]" */
static void put_estimate(struct mlg_builder *out, const struct mlg_check_result *check)
{
    if (!mlg_is_known(check->estimate)) {
        mlg_put(out, "not measured");
        return;
    }
    const size_t size = out->size;
    mlg_put_value(out, check);
    mlg_put(out, out->size > size ? " " : "");
    const size_t bounds = out->size;
    mlg_put_bounds(out, check);
    if (out->size == bounds && bounds > size && !out->failed)
        out->data[--out->size] = '\0'; /* the blank */
}

static void put_estimates(struct mlg_builder *out, const struct mlg_check_result *before,
                          const struct mlg_check_result *after)
{
    struct mlg_builder was, is;
    mlg_builder_init(&was, 0);
    mlg_builder_init(&is, 0);
    put_estimate(&was, before);
    put_estimate(&is, after);
    out->failed = out->failed || was.failed || is.failed;
    if (!out->failed && strcmp(was.data, is.data) == 0) { /* rounded alike */
        mlg_put_number(out, before->estimate.value);
        mlg_put(out, " -> ");
        mlg_put_number(out, after->estimate.value);
    } else if (!out->failed) {
        mlg_put(out, was.data);
        mlg_put(out, " -> ");
        mlg_put(out, is.data);
    }
    mlg_builder_free(&was);
    mlg_builder_free(&is);
}

static const char *const movement_words[MLG_MOVEMENTS] = {
    [MLG_MOVEMENT_NONE] = "none",     [MLG_MOVEMENT_EXACT] = "exact",     [MLG_MOVEMENT_BEYOND] = "beyond",
    [MLG_MOVEMENT_WITHIN] = "within", [MLG_MOVEMENT_UNKNOWN] = "unknown",
};

static const char *const movement_sentences[MLG_MOVEMENTS] = {
    [MLG_MOVEMENT_NONE] = "",
    [MLG_MOVEMENT_EXACT] = "exact",
    [MLG_MOVEMENT_BEYOND] = "the intervals do not overlap",
    [MLG_MOVEMENT_WITHIN] = "the intervals overlap, so that chance may be all of it",
    [MLG_MOVEMENT_UNKNOWN] = "no intervals tell whether it is chance",
};

static void put_limit(struct mlg_builder *out, const struct mlg_check_change *change)
{
    const struct mlg_check_result *check = change->before;
    if (change->limit == 0)
        return;
    put_separator(out);
    mlg_put_format(out, "limit %s ", check->comparator);
    mlg_put_number(out, check->limit.value);
    mlg_put_format(out, " -> %s ", change->after->comparator);
    mlg_put_number(out, change->after->limit.value);
    mlg_put(out, change->limit < 0 ? ", which asks for less" : ", which asks for more");
}

static void put_confidence(struct mlg_builder *out, const struct mlg_check_result *before,
                           const struct mlg_check_result *after)
{
    if (!(before->confidence < after->confidence || before->confidence > after->confidence) ||
        is_exact(before) || is_exact(after))
        return;
    put_separator(out);
    mlg_put(out, "confidence ");
    mlg_put_number(out, before->confidence);
    mlg_put(out, " -> ");
    mlg_put_number(out, after->confidence);
}

/* What the verdict rests on, beside the data. */
static void put_policy(struct mlg_builder *out, const struct mlg_check_change *change)
{
    const struct mlg_check_result *before = change->before, *after = change->after;
    put_limit(out, change);
    put_confidence(out, before, after);
    if (mlg_is_known(before->estimate) && mlg_is_known(after->estimate))
        put_change(out, "decided by ", before->decided_by, after->decided_by);
    if (before->enforce != after->enforce) {
        put_separator(out);
        mlg_put(out, after->enforce ? "now enforced" : "no longer enforced");
    }
    if (before->warns_only != after->warns_only) {
        put_separator(out);
        mlg_put(out, after->warns_only ? "warns only now where it is inconclusive"
                                       : "now blocks where it is inconclusive");
    }
}

static const char *word_of(const struct mlg_check_result *check)
{
    return mlg_verdicts[check->verdict].word;
}

/* What is there on one side alone. */
static void describe_lone(struct finder *finder, struct mlg_check_change *change,
                          const struct mlg_check_result *check, bool is_gone)
{
    const bool could_block = !change->is_reported && check->enforce;
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    mlg_put(&text, is_gone ? "gone, was " : "new, ");
    mlg_put(&text, change->is_reported ? "reported" : word_of(check));
    mlg_put(&text, ", ");
    put_estimate(&text, check);
    if (is_gone && !change->is_reported && !check->enforce)
        mlg_put(&text, "; it was not enforced");
    change->text = keep(finder, &text);
    change->kind = !is_gone ? MLG_CHANGE_NEW : could_block ? MLG_CHANGE_WORSE : MLG_CHANGE_GONE;
}

static enum mlg_change_kind kind_of(const struct mlg_check_change *change,
                                    const struct mlg_check_result *before,
                                    const struct mlg_check_result *after, bool is_judged_otherwise)
{
    const bool passed = before->verdict == MLG_PASS, passes = after->verdict == MLG_PASS;
    if (!change->is_reported && ((passed && !passes) || (before->enforce && !after->enforce)))
        return MLG_CHANGE_WORSE;
    if (!change->is_reported && passes && !passed)
        return MLG_CHANGE_BETTER;
    return is_judged_otherwise                     ? MLG_CHANGE_OTHER
           : change->movement != MLG_MOVEMENT_NONE ? MLG_CHANGE_MOVED
                                                   : MLG_CHANGE_NONE;
}

static void describe_both(struct finder *finder, struct mlg_check_change *change,
                          const struct mlg_check_result *before, const struct mlg_check_result *after)
{
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    change->movement = movement_of(before, after);
    if (!change->is_reported) {
        change->limit = limit_change(before, after);
        put_change(&text, "", word_of(before), word_of(after));
        put_policy(&text, change);
    }
    const bool is_judged_otherwise = text.size > 0;
    if (change->movement != MLG_MOVEMENT_NONE) {
        put_separator(&text);
        put_estimates(&text, before, after);
        mlg_put(&text, ", ");
        mlg_put(&text, movement_sentences[change->movement]);
    }
    change->kind = kind_of(change, before, after, is_judged_otherwise);
    if (change->kind == MLG_CHANGE_WORSE && after->verdict != MLG_PASS && after->reason) {
        put_separator(&text);
        mlg_put(&text, after->reason);
    }
    change->text = keep(finder, &text);
}

static void add_check(struct finder *finder, const struct entry *before, const struct entry *after)
{
    struct mlg_changes *changes = finder->changes;
    const struct entry *shown = after ? after : before;
    struct mlg_check_change *change = &changes->checks[changes->check_count++];
    *change = (struct mlg_check_change){.before = before ? before->check : NULL,
                                        .after = after ? after->check : NULL,
                                        .gate = shown->gate,
                                        .is_reported = shown->is_reported};
    if (before && after)
        describe_both(finder, change, before->check, after->check);
    else
        describe_lone(finder, change, shown->check, !after);
    changes->counts[change->kind]++;
    changes->worse = changes->worse || change->kind == MLG_CHANGE_WORSE;
}

/* A check and what is only reported are two things, whatever their ids are. */
static void part_kinds(struct entries *before, struct entries *after)
{
    for (size_t i = 0; i < before->count; i++) {
        const size_t match = before->items[i].match;
        if (match != NOWHERE && before->items[i].is_reported != after->items[match].is_reported) {
            before->items[i].match = NOWHERE;
            after->items[match].match = NOWHERE;
        }
    }
}

static void compare_checks(struct finder *finder)
{
    struct entries before = {0}, after = {0};
    list_entries(finder, finder->changes->before, &before);
    list_entries(finder, finder->changes->after, &after);
    match_entries(finder, &before, &after, id_key);
    if (finder->failed)
        return;
    part_kinds(&before, &after);
    match_entries(finder, &before, &after, key_of);
    finder->changes->checks =
        MLG_NEW_ARRAY(finder->arena, struct mlg_check_change, before.count + after.count + 1);
    if (finder->failed || !finder->changes->checks) {
        finder->failed = true;
        return;
    }
    for (size_t i = 0; i < after.count; i++) {
        const size_t match = after.items[i].match;
        add_check(finder, match == NOWHERE ? NULL : &before.items[match], &after.items[i]);
    }
    for (size_t i = 0; i < before.count; i++)
        if (before.items[i].match == NOWHERE)
            add_check(finder, &before.items[i], NULL);
}

int mlg_changes_find(const struct mlg_results *before, const struct mlg_results *after,
                     struct mlg_arena *arena, struct mlg_changes *changes, struct mlg_error *error)
{
    struct finder finder = {.changes = changes, .arena = arena};
    *changes = (struct mlg_changes){.before = before, .after = after};
    compare_facts(&finder);
    compare_checks(&finder);
    return finder.failed ? mlg_error_set(error, MLG_LIMIT, "no memory left to compare two finished suites")
                         : MLG_OK;
}

/* ---- words --------------------------------------------------------------------------------------------- */

static const struct {
    const char *word;    /* in JSON */
    const char *heading; /* above what is so */
    const char *counted; /* behind their number */
} kinds[MLG_CHANGES] = {
    [MLG_CHANGE_WORSE] = {"worse", "Worse", "worse"},
    [MLG_CHANGE_BETTER] = {"better", "Better", "better"},
    [MLG_CHANGE_OTHER] = {"other", "Judged otherwise", "judged otherwise"},
    [MLG_CHANGE_GONE] = {"gone", "Gone", "gone"},
    [MLG_CHANGE_NEW] = {"new", "New", "new"},
    [MLG_CHANGE_MOVED] = {"moved", "Moved", "moved"},
    [MLG_CHANGE_NONE] = {"same", NULL, "the same"},
};

static const char *name_of(const struct mlg_check_change *change)
{
    const struct mlg_check_result *check = change->after ? change->after : change->before;
    return check->id ? check->id : "";
}

/* "2 worse, 1 new, 14 the same" */
static void put_summary(const struct mlg_changes *changes, struct mlg_builder *out)
{
    bool any = false;
    for (int kind = 0; kind < MLG_CHANGES; kind++)
        if (changes->counts[kind]) {
            mlg_put(out, any ? ", " : "");
            mlg_put_count(out, changes->counts[kind]);
            mlg_put(out, " ");
            mlg_put(out, kinds[kind].counted);
            any = true;
        }
    if (!any)
        mlg_put(out, "no checks");
}

/* ---- text ---------------------------------------------------------------------------------------------- */

static void put_plain_line(struct mlg_builder *out, const char *indent, struct mlg_builder *line)
{
    out->failed = out->failed || line->failed;
    mlg_put(out, indent);
    mlg_put_plain(out, line->size ? line->data : "");
    mlg_put(out, "\n");
    mlg_builder_free(line);
}

void mlg_changes_put_text(const struct mlg_changes *changes, struct mlg_builder *out)
{
    struct mlg_builder line;
    for (size_t i = 0; i < changes->fact_count; i++) {
        const struct mlg_fact_change *fact = &changes->facts[i];
        mlg_builder_init(&line, 0);
        mlg_put(&line, fact->what);
        mlg_put(&line, ": ");
        mlg_put(&line, fact->before ? fact->before : "none");
        mlg_put(&line, " -> ");
        mlg_put(&line, fact->after ? fact->after : "none");
        put_plain_line(out, "", &line);
    }
    for (int kind = 0; kind < MLG_CHANGE_NONE; kind++) {
        if (!changes->counts[kind])
            continue;
        mlg_put_format(out, "%s%s\n", out->size ? "\n" : "", kinds[kind].heading);
        for (size_t i = 0; i < changes->check_count; i++) {
            const struct mlg_check_change *change = &changes->checks[i];
            if ((int)change->kind != kind)
                continue;
            mlg_builder_init(&line, 0);
            mlg_put(&line, name_of(change));
            mlg_put(&line, ": ");
            mlg_put(&line, change->text);
            put_plain_line(out, "  ", &line);
        }
    }
    mlg_put(out, out->size ? "\n" : "");
    put_summary(changes, out);
    mlg_put(out, "\n");
}

/* ---- Markdown ------------------------------------------------------------------------------------------ */

enum {
    CELL_CUT = 1000,                       /* bytes of one text */
    CLOSING = 200,                         /* bytes that tell what is left out, and the head of a table */
    CHECKS_ROOM = MLG_CHANGES_ROOM / 4 * 3 /* the rest is for what is of the suite */
};

static void put_cell(struct mlg_builder *out, const char *text)
{
    mlg_put(out, " ");
    mlg_put_markdown_cut(out, text, CELL_CUT);
    mlg_put(out, " |");
}

/* Puts a row out where there is room for the whole of it; frees it. */
static bool put_row(struct mlg_builder *out, struct mlg_builder *row, size_t room)
{
    const bool fits = out->size + row->size + CLOSING <= room;
    if (fits)
        mlg_put_bytes(out, row->size ? row->data : "", row->size);
    out->failed = out->failed || row->failed;
    mlg_builder_free(row);
    return fits;
}

static bool put_check_row(const struct mlg_check_change *change, struct mlg_builder *out)
{
    struct mlg_builder row;
    mlg_builder_init(&row, 0);
    mlg_put_format(&row, change->kind == MLG_CHANGE_WORSE ? "| **%s** |" : "| %s |",
                   kinds[change->kind].counted);
    put_cell(&row, name_of(change));
    put_cell(&row, change->text);
    mlg_put(&row, "\n");
    return put_row(out, &row, CHECKS_ROOM);
}

static void put_check_rows(const struct mlg_changes *changes, struct mlg_builder *out)
{
    const size_t changed = changes->check_count - changes->counts[MLG_CHANGE_NONE];
    size_t shown = 0;
    bool has_room = true;
    if (changed)
        mlg_put(out, "\n| | check | what changed |\n|---|---|---|\n");
    for (int kind = 0; kind < MLG_CHANGE_NONE; kind++)
        for (size_t i = 0; i < changes->check_count && has_room; i++) {
            if ((int)changes->checks[i].kind != kind)
                continue;
            has_room = shown < MLG_CHANGES_SHOWN && put_check_row(&changes->checks[i], out);
            shown += has_room;
        }
    if (shown < changed)
        mlg_put_format(out, "\n… and %zu more; `mlgate compare` tells them all.\n", changed - shown);
}

static void put_fact_rows(const struct mlg_changes *changes, struct mlg_builder *out)
{
    size_t shown = 0;
    if (changes->fact_count)
        mlg_put(out, "\n| of the suite | before | now |\n|---|---|---|\n");
    for (; shown < changes->fact_count && shown < MLG_CHANGES_SHOWN; shown++) {
        const struct mlg_fact_change *fact = &changes->facts[shown];
        struct mlg_builder row;
        mlg_builder_init(&row, 0);
        mlg_put(&row, "|");
        put_cell(&row, fact->what);
        put_cell(&row, fact->before ? fact->before : "none");
        put_cell(&row, fact->after ? fact->after : "none");
        mlg_put(&row, "\n");
        if (!put_row(out, &row, MLG_CHANGES_ROOM))
            break;
    }
    if (shown < changes->fact_count)
        mlg_put_format(out, "\n… and %zu more of the suite.\n", changes->fact_count - shown);
}

void mlg_changes_put_markdown(const struct mlg_changes *changes, struct mlg_builder *out)
{
    mlg_put(out, "### Changed\n\n");
    put_summary(changes, out);
    mlg_put(out, ".\n");
    put_check_rows(changes, out);
    put_fact_rows(changes, out);
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

static void put_text(struct mlg_builder *out, const char *key, const char *value)
{
    mlg_put_format(out, "\"%s\": ", key);
    mlg_put_json_or_null(out, value);
}

static void put_number(struct mlg_builder *out, const char *key, struct mlg_optional number)
{
    mlg_put_format(out, ", \"%s\": ", key);
    if (mlg_is_known(number))
        mlg_put_number(out, number.value);
    else
        mlg_put(out, "null");
}

static void put_side(struct mlg_builder *out, const char *key, const struct mlg_check_change *change,
                     const struct mlg_check_result *check)
{
    mlg_put_format(out, ",\n      \"%s\": ", key);
    if (!check) {
        mlg_put(out, "null");
        return;
    }
    mlg_put(out, "{");
    put_text(out, "id", check->id);
    mlg_put(out, ", ");
    put_text(out, "verdict", change->is_reported ? NULL : word_of(check));
    mlg_put(out, ", ");
    put_text(out, "comparator", check->comparator);
    put_number(out, "limit", check->limit);
    put_number(out, "estimate", check->estimate);
    put_number(out, "lower", check->lower);
    put_number(out, "upper", check->upper);
    put_number(out, "confidence", (struct mlg_optional){true, check->confidence});
    mlg_put_format(out, ", \"n\": %llu, \"enforce\": %s}", (unsigned long long)check->n,
                   check->enforce ? "true" : "false");
}

void mlg_changes_put_json(const struct mlg_changes *changes, struct mlg_builder *out)
{
    mlg_put_format(out, "{\n  \"schema\": \"mlgate-changes/1\",\n  \"worse\": %s,\n  \"counts\": {",
                   changes->worse ? "true" : "false");
    for (int kind = 0; kind < MLG_CHANGES; kind++)
        mlg_put_format(out, "%s\"%s\": %zu", kind ? ", " : "", kinds[kind].word, changes->counts[kind]);
    mlg_put(out, "},\n  \"suite\": [");
    for (size_t i = 0; i < changes->fact_count; i++) {
        mlg_put(out, i ? ",\n    {" : "\n    {");
        put_text(out, "what", changes->facts[i].what);
        mlg_put(out, ", ");
        put_text(out, "before", changes->facts[i].before);
        mlg_put(out, ", ");
        put_text(out, "after", changes->facts[i].after);
        mlg_put(out, "}");
    }
    mlg_put(out, changes->fact_count ? "\n  ],\n  \"checks\": [" : "],\n  \"checks\": [");
    size_t told = 0;
    for (size_t i = 0; i < changes->check_count; i++) {
        const struct mlg_check_change *change = &changes->checks[i];
        if (change->kind == MLG_CHANGE_NONE)
            continue;
        mlg_put(out, told++ ? ",\n    {" : "\n    {");
        put_text(out, "id", name_of(change));
        mlg_put_format(
            out, ", \"change\": \"%s\", \"reported\": %s, \"movement\": \"%s\", \"limit\": \"%s\",\n      ",
            kinds[change->kind].word, change->is_reported ? "true" : "false",
            movement_words[change->movement],
            change->limit < 0   ? "less"
            : change->limit > 0 ? "more"
                                : "same");
        put_text(out, "text", change->text);
        put_side(out, "before", change, change->before);
        put_side(out, "after", change, change->after);
        mlg_put(out, "}");
    }
    mlg_put(out, told ? "\n  ]\n}\n" : "]\n}\n");
}
