/* results.json read back. The only file that knows jansson.
 *
 * Strict about what is there (kinds, words, whole numbers), silent about members it does not know, so that
 * an older mlgate reads what a newer one of the same schema wrote. The conclusion in the document must be
 * the one that its checks lead to: a verdict edited by hand is an error, never a pass.
 */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlgate/check.h"
#include "mlgate/results.h"
#include "parts.h"

enum {
    DOCUMENT_SIZE = MLG_BUILDER_LID, /* what mlg_results_write can have written */
    DOCUMENT_DEPTH = 32,             /* its own depth is 8; the rest is for members of newer versions */
    DOCUMENT_CONTAINERS = 1000000    /* objects and arrays: each takes some 300 bytes while it is read */
};

/* Where a value stands, as a chain on the stack: gates[0].checks[2].verdict. */
struct where {
    const struct where *up;
    const char *member; /* NULL: an item of an array */
    size_t index;
};

struct reader {
    const char *path;
    struct mlg_arena *arena;
    struct mlg_error *error;
    int code; /* of the first failure; nothing is read after it */
};

/* ---- failures ------------------------------------------------------------------------------------- */

static void put_where(struct mlg_builder *out, const struct where *where)
{
    if (!where)
        return;
    put_where(out, where->up);
    if (where->member)
        mlg_put_format(out, "%s%s", out->size ? "." : "", where->member);
    else
        mlg_put_format(out, "[%zu]", where->index);
}

/* Says `what` of the member at `where`: "member 'gates[0].name' is missing". */
static void fail(struct reader *reader, const struct where *where, const char *what)
{
    struct mlg_place place = {reader->path, 0, 0};
    struct mlg_builder text;
    if (reader->code)
        return;
    mlg_builder_init(&text, 1024);
    put_where(&text, where);
    reader->code = mlg_error_at(reader->error, MLG_DATA, place, "member '%s' %s", text.data, what);
    mlg_builder_free(&text);
}

static void fail_memory(struct reader *reader)
{
    struct mlg_place place = {reader->path, 0, 0};
    if (!reader->code)
        reader->code = mlg_error_at(reader->error, MLG_LIMIT, place, "no memory to read results");
}

/* ---- members -------------------------------------------------------------------------------------- */

enum need {
    REQUIRED,         /* must be there */
    REQUIRED_OR_NULL, /* must be there, may be null */
    OPTIONAL          /* came with a later version: may be missing or null */
};

/* The member, or NULL where it is null or missing, as `need` allows. */
static const json_t *member(struct reader *reader, const json_t *object, const struct where *up,
                            const char *word, enum need need)
{
    struct where where = {up, word, 0};
    if (reader->code)
        return NULL;
    const json_t *value = json_object_get(object, word);
    if (!value && need != OPTIONAL)
        fail(reader, &where, "is missing");
    else if (json_is_null(value) && need == REQUIRED)
        fail(reader, &where, "is null");
    return json_is_null(value) ? NULL : value;
}

static const char *copy_text(struct reader *reader, const json_t *value)
{
    const char *text = mlg_arena_copy(reader->arena, json_string_value(value), json_string_length(value));
    if (!text)
        fail_memory(reader);
    return text;
}

static const char *text(struct reader *reader, const json_t *object, const struct where *up, const char *word,
                        enum need need)
{
    struct where where = {up, word, 0};
    const json_t *value = member(reader, object, up, word, need);
    if (!value)
        return NULL;
    if (!json_is_string(value)) {
        fail(reader, &where, "is not a text");
        return NULL;
    }
    return copy_text(reader, value);
}

static struct mlg_optional number(struct reader *reader, const json_t *object, const struct where *up,
                                  const char *word, enum need need)
{
    struct where where = {up, word, 0};
    struct mlg_optional result = {false, 0};
    const json_t *value = member(reader, object, up, word, need);
    if (!value)
        return result;
    if (!json_is_number(value))
        fail(reader, &where, "is not a number");
    else
        result = (struct mlg_optional){true, json_number_value(value)};
    return result;
}

static json_int_t integer(struct reader *reader, const json_t *object, const struct where *up,
                          const char *word, enum need need, json_int_t smallest)
{
    struct where where = {up, word, 0};
    const json_t *value = member(reader, object, up, word, need);
    if (!value)
        return 0;
    if (!json_is_integer(value) || json_integer_value(value) < smallest) {
        fail(reader, &where, smallest == 0 ? "is not a whole number from 0 on" : "is not a whole number");
        return 0;
    }
    return json_integer_value(value);
}

static uint64_t count(struct reader *reader, const json_t *object, const struct where *up, const char *word,
                      enum need need)
{
    return (uint64_t)integer(reader, object, up, word, need, 0);
}

static bool boolean(struct reader *reader, const json_t *object, const struct where *up, const char *word,
                    enum need need, bool otherwise)
{
    struct where where = {up, word, 0};
    const json_t *value = member(reader, object, up, word, need);
    if (!value)
        return otherwise;
    if (!json_is_boolean(value))
        fail(reader, &where, "is neither true nor false");
    return json_is_true(value);
}

static enum mlg_verdict verdict(struct reader *reader, const json_t *object, const struct where *up,
                                const char *word)
{
    struct where where = {up, word, 0};
    const json_t *value = member(reader, object, up, word, REQUIRED);
    int found = json_is_string(value) ? mlg_verdict_find(json_string_value(value)) : -1;
    if (value && found < 0)
        fail(reader, &where, "is not a verdict: pass, fail, inconclusive, error, waived or not_applicable");
    return found < 0 ? MLG_VERDICT_ERROR : (enum mlg_verdict)found;
}

static const json_t *object(struct reader *reader, const json_t *parent, const struct where *up,
                            const char *word, enum need need)
{
    struct where where = {up, word, 0};
    const json_t *value = member(reader, parent, up, word, need);
    if (value && !json_is_object(value)) {
        fail(reader, &where, "is not an object");
        return NULL;
    }
    return value;
}

/* An array and its number of items; 0 items where it is missing or wrong. */
static const json_t *array(struct reader *reader, const json_t *parent, const struct where *up,
                           const char *word, enum need need, size_t *items)
{
    struct where where = {up, word, 0};
    const json_t *value = member(reader, parent, up, word, need);
    *items = 0;
    if (value && !json_is_array(value)) {
        fail(reader, &where, "is not an array");
        return NULL;
    }
    if (value)
        *items = json_array_size(value);
    return value;
}

static const json_t *item(struct reader *reader, const json_t *values, const struct where *where)
{
    const json_t *value = json_array_get(values, where->index);
    if (!json_is_object(value)) {
        fail(reader, where, "is not an object");
        return NULL;
    }
    return value;
}

static void *room(struct reader *reader, size_t items, size_t size)
{
    void *memory = reader->code ? NULL : mlg_arena_alloc(reader->arena, items, size);
    if (items && !memory)
        fail_memory(reader);
    return memory;
}

static struct mlg_pair *pairs(struct reader *reader, const json_t *parent, const struct where *up,
                              const char *word, size_t *pair_count)
{
    struct where where = {up, word, 0};
    json_t *values = (json_t *)(uintptr_t)object(reader, parent, up, word, REQUIRED); /* only read */
    size_t items = json_object_size(values);
    struct mlg_pair *result = room(reader, items, sizeof *result);
    *pair_count = 0;
    if (!values || !result)
        return NULL;
    for (void *at = json_object_iter(values); at; at = json_object_iter_next(values, at)) {
        const json_t *value = json_object_iter_value(at);
        const char *key = json_object_iter_key(at);
        struct where inner = {&where, key, 0};
        if (!json_is_string(value) && !json_is_null(value))
            fail(reader, &inner, "is neither a text nor null");
        struct mlg_pair *pair = &result[*pair_count];
        pair->key = mlg_arena_copy(reader->arena, key, strlen(key));
        pair->value = json_is_string(value) ? copy_text(reader, value) : NULL;
        if (!pair->key)
            fail_memory(reader);
        if (reader->code)
            return NULL;
        ++*pair_count;
    }
    return result;
}

static const char **texts(struct reader *reader, const json_t *parent, const struct where *up,
                          const char *word, size_t *text_count)
{
    struct where where = {up, word, 0};
    size_t items;
    const json_t *values = array(reader, parent, up, word, OPTIONAL, &items);
    const char **result = room(reader, items, sizeof *result);
    *text_count = 0;
    for (size_t i = 0; !reader->code && i < items; i++) {
        const json_t *value = json_array_get(values, i);
        struct where inner = {&where, NULL, i};
        if (!json_is_string(value))
            fail(reader, &inner, "is not a text");
        else
            result[(*text_count)++] = copy_text(reader, value);
    }
    return result;
}

static struct mlg_part_result *parts(struct reader *reader, const json_t *parent, const struct where *up,
                                     size_t *part_count)
{
    struct where where = {up, "parts", 0};
    const json_t *object = json_object_get(parent, "parts"), *value;
    const char *key;
    *part_count = 0;
    if (reader->code || !object)
        return NULL;
    if (!json_is_object(object)) {
        fail(reader, &where, "is not an object");
        return NULL;
    }
    struct mlg_part_result *result = room(reader, json_object_size(object), sizeof *result);
    json_object_foreach((json_t *)object, key, value)
    {
        struct where inner = {&where, key, 0};
        if (reader->code)
            break;
        if (!json_is_number(value) && !json_is_null(value)) {
            fail(reader, &inner, "is not a number");
            break;
        }
        struct mlg_part_result *part = &result[(*part_count)++];
        part->name = mlg_arena_copy(reader->arena, key, strlen(key));
        part->value = number(reader, object, &where, key, REQUIRED_OR_NULL);
        if (!part->name)
            fail(reader, &inner, "takes more memory than there is");
    }
    return result;
}

/* ---- the document --------------------------------------------------------------------------------- */

static struct mlg_group_result *read_groups(struct reader *reader, const json_t *parent,
                                            const struct where *up, const char *name, enum need required,
                                            size_t *group_count)
{
    struct where where_groups = {up, name, 0};
    size_t items;
    const json_t *values = array(reader, parent, up, name, required, &items);
    struct mlg_group_result *groups = room(reader, items, sizeof *groups);
    *group_count = 0;
    for (size_t i = 0; !reader->code && i < items; i++) {
        struct where where = {&where_groups, NULL, i};
        const json_t *value = item(reader, values, &where);
        struct mlg_group_result *group = &groups[(*group_count)++];
        group->group = pairs(reader, value, &where, "group", &group->group_count);
        group->n = count(reader, value, &where, "n", REQUIRED);
        group->estimate = number(reader, value, &where, "estimate", REQUIRED_OR_NULL);
        group->lower = number(reader, value, &where, "lower", REQUIRED_OR_NULL);
        group->upper = number(reader, value, &where, "upper", REQUIRED_OR_NULL);
        group->count = number(reader, value, &where, "count", OPTIONAL);
        group->of = number(reader, value, &where, "of", OPTIONAL);
        group->positives = number(reader, value, &where, "positives", OPTIONAL);
        group->disparity = number(reader, value, &where, "disparity", OPTIONAL);
        group->note = text(reader, value, &where, "note", OPTIONAL);
    }
    return groups;
}

static void read_tables(struct reader *reader, const json_t *value, const struct where *where,
                        struct mlg_check_result *check)
{
    check->groups = read_groups(reader, value, where, "groups", REQUIRED, &check->group_count);
    check->group_quantity = text(reader, value, where, "group_quantity", OPTIONAL);
    check->group_against = text(reader, value, where, "group_against", OPTIONAL);
    check->other_groups =
        read_groups(reader, value, where, "other_groups", OPTIONAL, &check->other_group_count);
    check->other_group_quantity = text(reader, value, where, "other_group_quantity", OPTIONAL);
    check->other_group_against = text(reader, value, where, "other_group_against", OPTIONAL);
}

static void read_waiver(struct reader *reader, const json_t *parent, const struct where *up,
                        struct mlg_check_result *check)
{
    struct where where = {up, "waiver", 0};
    const json_t *waiver = object(reader, parent, up, "waiver", OPTIONAL);
    if (reader->code)
        return;
    if (!waiver != (check->verdict != MLG_WAIVED)) {
        fail(reader, &where,
             waiver ? "stands at a check that is not waived" : "is missing at a waived check");
        return;
    }
    if (!waiver)
        return;
    check->waiver_reason = text(reader, waiver, &where, "reason", REQUIRED_OR_NULL);
    check->waiver_owner = text(reader, waiver, &where, "owner", REQUIRED_OR_NULL);
    check->waiver_expires = text(reader, waiver, &where, "expires", REQUIRED_OR_NULL);
    check->underlying = verdict(reader, waiver, &where, "underlying");
    if (check->underlying != MLG_FAIL && check->underlying != MLG_INCONCLUSIVE)
        fail(reader, &where, "covers neither fail nor inconclusive; nothing else can be waived");
}

static bool holds(const char *comparator, double value, double limit)
{
    if (comparator[0] == '>')
        return comparator[1] ? value >= limit : value > limit;
    return comparator[1] ? value <= limit : value < limit;
}

/* As near as rounding comes: what was compared in integers may be on either side. */
static bool is_near(double value, double limit)
{
    return fabs(value - limit) <= 1e-12 * fmax(1, fabs(limit));
}

/* Is what was written what was judged? Of a text that this version cannot read nothing follows. */
static bool is_as_written(const struct mlg_check_result *check)
{
    struct mlg_arena arena;
    struct mlg_check written;
    struct mlg_error unheard = {0};
    bool agrees = true;
    mlg_arena_init(&arena, 0);
    if (mlg_check_parse(check->check, strlen(check->check), &arena, &written, &unheard) == MLG_OK) {
        const char *comparator = check->comparator ? check->comparator : "";
        agrees = strcmp(mlg_comparator_text(written.comparator), comparator) == 0 &&
                 (written.comparator == MLG_NO_COMPARATOR ||
                  (mlg_is_known(check->limit) && is_near(written.limit.value, check->limit.value)));
    }
    mlg_arena_free(&arena);
    return agrees;
}

/* The value lies within its bounds, whatever the method. */
static bool is_in_order(const struct mlg_check_result *check)
{
    const double value = check->estimate.value;
    return !mlg_is_known(check->estimate) || ((!mlg_is_known(check->lower) || check->lower.value <= value) &&
                                              (!mlg_is_known(check->upper) || check->upper.value >= value));
}

/* Do the check's own numbers allow the verdict? Bounds of groups are those of what is compared, which is
 * judged at levels of their own: there the estimate has to do. */
static bool is_borne_out(const struct mlg_check_result *check, enum mlg_verdict verdict)
{
    const char *comparator = check->comparator ? check->comparator : "";
    const bool passes = verdict == MLG_PASS, wants_more = comparator[0] == '>';
    const bool by_bound = check->decided_by && strcmp(check->decided_by, "interval") == 0;
    if (!passes && verdict != MLG_FAIL) /* what is measured does apply */
        return verdict != MLG_NOT_APPLICABLE || !mlg_is_known(check->estimate);
    if (!is_as_written(check) || !is_in_order(check) || (passes && !mlg_is_known(check->estimate)))
        return false;
    if (!(wants_more || comparator[0] == '<') || !mlg_is_known(check->limit))
        return true;
    const double limit = check->limit.value;
    if (by_bound && check->group_count == 0) {
        const struct mlg_optional bound = passes == wants_more ? check->lower : check->upper;
        return mlg_is_known(bound) && holds(comparator, bound.value, limit) == passes;
    }
    return !mlg_is_known(check->estimate) || is_near(check->estimate.value, limit) ||
           holds(comparator, check->estimate.value, limit) == passes;
}

/* Whether what is inconclusive only warns is told where it does; what an inconclusive check does shows it
 * too.
 */
static void read_warns_only(struct reader *reader, const json_t *value, const struct where *up,
                            struct mlg_check_result *check)
{
    const struct where where = {up, "on_inconclusive", 0};
    const char *word = text(reader, value, up, "on_inconclusive", OPTIONAL);
    const bool shows = check->enforce && check->verdict == MLG_INCONCLUSIVE;
    if (word && strcmp(word, "warn") != 0 && strcmp(word, "block") != 0)
        fail(reader, &where, "is neither 'warn' nor 'block'");
    else if (word && shows && check->blocks == (strcmp(word, "warn") == 0))
        fail(reader, &where, "is contradicted by 'blocks'");
    check->warns_only = word ? strcmp(word, "warn") == 0 : shows && !check->blocks;
}

static void read_check(struct reader *reader, const json_t *value, const struct where *where,
                       bool is_reported, struct mlg_check_result *check)
{
    check->id = text(reader, value, where, "id", REQUIRED);
    check->check = text(reader, value, where, "check", REQUIRED);
    check->quantity = text(reader, value, where, "quantity", REQUIRED);
    check->arguments = pairs(reader, value, where, "arguments", &check->argument_count);
    check->average = text(reader, value, where, "average", OPTIONAL);
    check->slice = pairs(reader, value, where, "slice", &check->slice_count);
    check->comparator = text(reader, value, where, "comparator", REQUIRED_OR_NULL);
    check->limit = number(reader, value, where, "limit", REQUIRED_OR_NULL);
    check->estimate = number(reader, value, where, "estimate", REQUIRED_OR_NULL);
    check->lower = number(reader, value, where, "lower", REQUIRED_OR_NULL);
    check->upper = number(reader, value, where, "upper", REQUIRED_OR_NULL);
    check->confidence = number(reader, value, where, "confidence", REQUIRED_OR_NULL).value;
    check->method = text(reader, value, where, "method", REQUIRED_OR_NULL);
    check->n = count(reader, value, where, "n", REQUIRED);
    check->rows = json_object_get(value, "rows") ? count(reader, value, where, "rows", OPTIONAL) : check->n;
    check->counted = text(reader, value, where, "counted", OPTIONAL);
    check->rows_needed = number(reader, value, where, "rows_needed", REQUIRED_OR_NULL);
    read_tables(reader, value, where, check);
    check->verdict = is_reported ? MLG_NOT_APPLICABLE : verdict(reader, value, where, "verdict");
    check->underlying = check->verdict;
    check->enforce = boolean(reader, value, where, "enforce", REQUIRED, true);
    check->reason = text(reader, value, where, "reason", REQUIRED_OR_NULL);
    check->decided_by = text(reader, value, where, "decided_by", REQUIRED_OR_NULL);
    check->because = text(reader, value, where, "because", OPTIONAL);
    check->constant = number(reader, value, where, "constant_score", OPTIONAL);
    check->parts = parts(reader, value, where, &check->part_count);
    check->offenders = texts(reader, value, where, "offenders", &check->offender_count);
    check->offenders_of = number(reader, value, where, "offenders_of", OPTIONAL);
    check->differing = texts(reader, value, where, "differing", &check->differing_count);
    check->differing_of = number(reader, value, where, "differing_of", OPTIONAL);
    check->advice = text(reader, value, where, "advice", OPTIONAL);
    check->limit_is_vacuous = boolean(reader, value, where, "limit_is_vacuous", OPTIONAL, false);
    check->limit_never_fails = boolean(reader, value, where, "limit_never_fails", OPTIONAL, false);
    check->notes = texts(reader, value, where, "notes", &check->note_count);
    read_waiver(reader, value, where, check);
    check->file = text(reader, value, where, "file", OPTIONAL);
    check->line = (unsigned long)count(reader, value, where, "line", OPTIONAL);

    const bool is_waived = check->verdict == MLG_WAIVED;
    if (!reader->code && !is_reported && !is_borne_out(check, check->underlying)) {
        struct where waiver = {where, "waiver", 0};
        struct where inner = {is_waived ? &waiver : where, is_waived ? "underlying" : "verdict", 0};
        char why[128];
        snprintf(why, sizeof why,
                 "is '%s', which the numbers of the check contradict; was the file edited by hand?",
                 mlg_verdicts[check->underlying].word);
        fail(reader, &inner, why);
    }
    /* A document without the member comes from elsewhere: then what could block does. */
    bool blocks = boolean(reader, value, where, "blocks", OPTIONAL, check->enforce && !is_reported);
    bool is_told = json_object_get(value, "blocks") != NULL;
    check->blocks = blocks;
    check->blocks = !is_reported && mlg_check_blocks(check);
    if (!is_reported)
        read_warns_only(reader, value, where, check);
    if (is_told && blocks != check->blocks) {
        struct where inner = {where, "blocks", 0};
        fail(reader, &inner,
             check->blocks ? "is false, but a check with this verdict blocks"
                           : "is true, but a check with this verdict cannot block");
    }
}

static struct mlg_check_result *read_checks(struct reader *reader, const json_t *parent,
                                            const struct where *up, const char *word, size_t *check_count)
{
    struct where checks = {up, word, 0};
    size_t items;
    const json_t *values = array(reader, parent, up, word, REQUIRED, &items);
    struct mlg_check_result *result = room(reader, items, sizeof *result);
    for (size_t i = 0; !reader->code && i < items; i++) {
        struct where where = {&checks, NULL, i};
        const json_t *value = item(reader, values, &where);
        read_check(reader, value, &where, strcmp(word, "reported") == 0, &result[i]);
    }
    *check_count = items;
    return result;
}

static void read_noise_floor(struct reader *reader, const json_t *gate, const struct where *up,
                             struct mlg_gate_result *result)
{
    struct where floors = {up, "noise_floor", 0};
    size_t items;
    const json_t *values = array(reader, gate, up, "noise_floor", OPTIONAL, &items);
    result->noise_floor = room(reader, items, sizeof *result->noise_floor);
    for (size_t i = 0; !reader->code && i < items; i++) {
        struct where where = {&floors, NULL, i};
        const json_t *value = item(reader, values, &where);
        struct mlg_noise_floor *floor = &result->noise_floor[result->noise_floor_count++];
        floor->metric = text(reader, value, &where, "metric", REQUIRED);
        floor->arguments = pairs(reader, value, &where, "arguments", &floor->argument_count);
        floor->file = text(reader, value, &where, "file", REQUIRED);
        floor->column = text(reader, value, &where, "column", OPTIONAL);
        floor->group = text(reader, value, &where, "group", OPTIONAL);
        floor->over = text(reader, value, &where, "over", REQUIRED);
        floor->runs = count(reader, value, &where, "runs", REQUIRED);
        floor->mean = number(reader, value, &where, "mean", REQUIRED).value;
        floor->sd = number(reader, value, &where, "sd", REQUIRED).value;
        floor->spread = number(reader, value, &where, "spread", REQUIRED).value;
        floor->rows = count(reader, value, &where, "rows", REQUIRED);
        floor->sampling_error = number(reader, value, &where, "sampling_error", REQUIRED_OR_NULL);
    }
}

static void read_gates(struct reader *reader, const json_t *document, struct mlg_results *results)
{
    struct where gates = {NULL, "gates", 0};
    size_t items;
    const json_t *values = array(reader, document, NULL, "gates", REQUIRED, &items);
    results->gates = room(reader, items, sizeof *results->gates);
    for (size_t i = 0; !reader->code && i < items; i++) {
        struct where where = {&gates, NULL, i};
        const json_t *value = item(reader, values, &where);
        struct mlg_gate_result *gate = &results->gates[results->gate_count++];
        gate->gate = text(reader, value, &where, "gate", REQUIRED);
        gate->name = text(reader, value, &where, "name", REQUIRED);
        gate->data = text(reader, value, &where, "data", REQUIRED_OR_NULL);
        gate->verdict = verdict(reader, value, &where, "verdict");
        gate->checks = read_checks(reader, value, &where, "checks", &gate->check_count);
        gate->reported = read_checks(reader, value, &where, "reported", &gate->reported_count);
        read_noise_floor(reader, value, &where, gate);
        gate->isolation = text(reader, value, &where, "isolation", OPTIONAL);
        gate->title = text(reader, value, &where, "title", OPTIONAL);
        gate->error = text(reader, value, &where, "error", OPTIONAL);
        gate->printed = texts(reader, value, &where, "printed", &gate->printed_count);
        gate->file = text(reader, value, &where, "file", OPTIONAL);
        gate->line = (unsigned long)count(reader, value, &where, "line", OPTIONAL);
    }
}

static void read_inputs(struct reader *reader, const json_t *document, struct mlg_results *results)
{
    struct where inputs = {NULL, "inputs", 0};
    size_t items;
    const json_t *values = array(reader, document, NULL, "inputs", REQUIRED, &items);
    results->inputs = room(reader, items, sizeof *results->inputs);
    for (size_t i = 0; !reader->code && i < items; i++) {
        struct where where = {&inputs, NULL, i};
        const json_t *value = item(reader, values, &where);
        struct mlg_input_result *input = &results->inputs[results->input_count++];
        input->name = text(reader, value, &where, "name", REQUIRED);
        input->path = text(reader, value, &where, "path", REQUIRED_OR_NULL);
        input->sha256 = text(reader, value, &where, "sha256", REQUIRED_OR_NULL);
        input->rows = count(reader, value, &where, "rows", REQUIRED);
        input->dropped = count(reader, value, &where, "dropped", OPTIONAL);
        input->unmatched = count(reader, value, &where, "unmatched", OPTIONAL);
        input->bytes = count(reader, value, &where, "bytes", OPTIONAL);
        input->format = text(reader, value, &where, "format", OPTIONAL);
        input->positive = text(reader, value, &where, "positive", OPTIONAL);
    }
}

static void read_outside(struct reader *reader, const json_t *document, struct mlg_results *results)
{
    struct where outside = {NULL, "outside", 0};
    size_t items;
    const json_t *values = array(reader, document, NULL, "outside", OPTIONAL, &items);
    results->outside = room(reader, items, sizeof *results->outside);
    for (size_t i = 0; !reader->code && i < items; i++) {
        struct where where = {&outside, NULL, i};
        const json_t *value = item(reader, values, &where);
        struct mlg_pair *pair = &results->outside[results->outside_count++];
        pair->key = text(reader, value, &where, "name", REQUIRED);
        pair->value = text(reader, value, &where, "value", REQUIRED);
    }
}

static void read_run(struct reader *reader, const json_t *document, struct mlg_results *results)
{
    struct where where = {NULL, "run", 0};
    const json_t *run = object(reader, document, NULL, "run", REQUIRED);
    results->run.started = text(reader, run, &where, "started", REQUIRED_OR_NULL);
    results->run.seconds = number(reader, run, &where, "seconds", REQUIRED).value;
    results->run.threads = (unsigned)count(reader, run, &where, "threads", REQUIRED);
    results->run.host = text(reader, run, &where, "host", REQUIRED_OR_NULL);
    results->run.command = text(reader, run, &where, "command", OPTIONAL);
    results->run.cached = text(reader, run, &where, "cached", OPTIONAL);
    const json_t *seconds = run ? json_object_get(run, "gate_seconds") : NULL;
    struct where of_gates = {&where, "gate_seconds", 0};
    for (size_t i = 0; json_is_object(seconds) && i < results->gate_count; i++)
        results->gates[i].seconds =
            number(reader, seconds, &of_gates, results->gates[i].name, OPTIONAL).value;
}

/* A date of waivers, 2026-01-31, is told apart from others as text. The time of a run is told in UTC, as
 * waivers are judged. */
static void check_waivers(struct reader *reader, const struct mlg_results *results)
{
    enum { DATE = 10 };
    const char *started = results->run.started;
    if (reader->code || !started || strlen(started) < DATE || started[4] != '-' || started[7] != '-')
        return;
    for (size_t g = 0; g < results->gate_count; g++)
        for (size_t c = 0; c < results->gates[g].check_count; c++) {
            const char *expires = results->gates[g].checks[c].waiver_expires;
            struct where gates = {NULL, "gates", 0}, gate = {&gates, NULL, g}, checks = {&gate, "checks", 0},
                         check = {&checks, NULL, c}, waiver = {&check, "waiver", 0};
            if (expires && strncmp(expires, started, DATE) < 0)
                fail(reader, &waiver,
                     "had expired when the run started, and waives nothing; was the file edited by hand?");
        }
}

/* ---- the conclusion, told and worked out ------------------------------------------------------------ */

static const char by_hand[] = "was the file edited by hand?";

static void disagree(struct reader *reader, const char *what, const char *told, const char *found)
{
    struct mlg_place place = {reader->path, 0, 0};
    if (!reader->code)
        reader->code = mlg_error_at(reader->error, MLG_DATA, place,
                                    "%s says '%s', but the checks in the document come to '%s'; %s", what,
                                    told, found, by_hand);
}

static void compare_counts(struct reader *reader, const char *what, uint64_t told, uint64_t found)
{
    char a[32], b[32];
    if (told == found)
        return;
    snprintf(a, sizeof a, "%llu", (unsigned long long)told);
    snprintf(b, sizeof b, "%llu", (unsigned long long)found);
    disagree(reader, what, a, b);
}

static void check_conclusion(struct reader *reader, const json_t *document, struct mlg_results *results)
{
    struct mlg_results told = *results;
    struct where counts_where = {NULL, "counts", 0};
    const json_t *counts = object(reader, document, NULL, "counts", REQUIRED);
    char what[64];
    for (size_t i = 0; i < MLG_VERDICT_COUNT; i++)
        told.counts[i] = count(reader, counts, &counts_where, mlg_verdicts[i].word, REQUIRED);
    told.verdict = verdict(reader, document, NULL, "verdict");
    told.exit_code = (int)integer(reader, document, NULL, "exit_code", REQUIRED, 0);
    told.not_enforced = count(reader, document, NULL, "not_enforced", OPTIONAL);
    enum mlg_verdict *gates = room(reader, results->gate_count, sizeof *gates);
    if (reader->code)
        return;
    for (size_t g = 0; g < results->gate_count; g++)
        gates[g] = results->gates[g].verdict;

    mlg_results_conclude(results);

    if (told.verdict != results->verdict)
        disagree(reader, "'verdict'", mlg_verdicts[told.verdict].word, mlg_verdicts[results->verdict].word);
    compare_counts(reader, "'exit_code'", (uint64_t)told.exit_code, (uint64_t)results->exit_code);
    for (size_t i = 0; i < MLG_VERDICT_COUNT; i++) {
        snprintf(what, sizeof what, "'counts.%s'", mlg_verdicts[i].word);
        compare_counts(reader, what, told.counts[i], results->counts[i]);
    }
    if (json_object_get(document, "not_enforced"))
        compare_counts(reader, "'not_enforced'", told.not_enforced, results->not_enforced);
    for (size_t g = 0; g < results->gate_count; g++) {
        snprintf(what, sizeof what, "'gates[%zu].verdict'", g);
        if (gates[g] != results->gates[g].verdict)
            disagree(reader, what, mlg_verdicts[gates[g]].word, mlg_verdicts[results->gates[g].verdict].word);
    }
}

static void read_document(struct reader *reader, const json_t *document, struct mlg_results *results)
{
    struct mlg_place place = {reader->path, 0, 0};
    struct where config_where = {NULL, "config", 0};
    if (!json_is_object(document)) {
        reader->code = mlg_error_at(reader->error, MLG_DATA, place,
                                    "the document is not an object, so it is no results.json");
        return;
    }
    const char *schema = text(reader, document, NULL, "schema", REQUIRED);
    if (reader->code)
        return;
    if (strcmp(schema, MLG_RESULTS_SCHEMA) != 0) {
        reader->code =
            mlg_error_at(reader->error, MLG_DATA, place,
                         "the schema is '%s', but this mlgate reads only '%s'", schema, MLG_RESULTS_SCHEMA);
        return;
    }
    results->version = text(reader, document, NULL, "version", REQUIRED);
    const json_t *config = object(reader, document, NULL, "config", REQUIRED);
    results->config_path = text(reader, config, &config_where, "path", REQUIRED_OR_NULL);
    results->config_sha256 = text(reader, config, &config_where, "sha256", REQUIRED_OR_NULL);
    results->family = text(reader, document, NULL, "family", OPTIONAL);
    read_outside(reader, document, results);
    read_inputs(reader, document, results);
    read_gates(reader, document, results);
    results->left_out = texts(reader, document, NULL, "left_out", &results->left_out_count);
    read_run(reader, document, results);
    check_waivers(reader, results);
    results->seed = (int64_t)integer(reader, document, NULL, "seed", OPTIONAL, INT64_MIN);
    results->warnings = texts(reader, document, NULL, "warnings", &results->warning_count);
    results->errors = texts(reader, document, NULL, "errors", &results->error_count);
    check_conclusion(reader, document, results);
}

/* The lids, before jansson allocates anything: it would read 2,048 levels, each with memory of its own. */
static int check_limits(const char *path, const char *bytes, size_t size, struct mlg_error *error)
{
    struct mlg_place place = {path, 0, 0};
    size_t depth = 0, containers = 0;
    bool in_text = false;
    if (size > DOCUMENT_SIZE)
        return mlg_error_at(error, MLG_LIMIT, place, "%zu bytes are more than the %d that results may have",
                            size, DOCUMENT_SIZE);
    for (size_t i = 0; i < size; i++) {
        if (in_text) {
            if (bytes[i] == '\\')
                i++;
            in_text = i >= size || bytes[i] != '"';
        } else if (bytes[i] == '"') {
            in_text = true;
        } else if (bytes[i] == '{' || bytes[i] == '[') {
            depth++;
            containers++;
        } else if ((bytes[i] == '}' || bytes[i] == ']') && depth) {
            depth--;
        }
        if (depth > DOCUMENT_DEPTH)
            return mlg_error_at(error, MLG_LIMIT, place, "more than %d levels of nesting", DOCUMENT_DEPTH);
        if (containers > DOCUMENT_CONTAINERS)
            return mlg_error_at(error, MLG_LIMIT, place, "more than %d objects and arrays",
                                DOCUMENT_CONTAINERS);
    }
    return MLG_OK;
}

int mlg_results_read(const char *path, const char *bytes, size_t size, struct mlg_arena *arena,
                     struct mlg_results *results, struct mlg_error *error)
{
    struct reader reader = {.path = path, .arena = arena, .error = error};
    json_error_t mistake;
    memset(results, 0, sizeof *results);
    int code = check_limits(path, bytes, size, error);
    if (code)
        return code;
    json_t *document = json_loadb(bytes, size, JSON_REJECT_DUPLICATES, &mistake);
    if (!document) {
        struct mlg_place place = {path, mistake.line > 0 ? (unsigned long)mistake.line : 0,
                                  mistake.column > 0 ? (unsigned)mistake.column : 0};
        return mlg_error_at(error, MLG_DATA, place, "this is not JSON: %s", mistake.text);
    }
    read_document(&reader, document, results);
    json_decref(document);
    if (reader.code)
        memset(results, 0, sizeof *results);
    return reader.code;
}
