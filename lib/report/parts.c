/* Words and numbers that several reports share. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "mlgate/check.h"
#include "mlgate/number.h"
#include "mlgate/suite.h"
#include "parts.h"

bool mlg_check_blocks(const struct mlg_check_result *check)
{
    if (!check->enforce)
        return false;
    if (check->verdict == MLG_INCONCLUSIVE)
        return check->blocks;
    return check->verdict == MLG_FAIL || check->verdict == MLG_VERDICT_ERROR;
}

bool mlg_gate_has_own_error(const struct mlg_gate_result *gate)
{
    for (size_t i = 0; gate->error && i < gate->check_count; i++) {
        const struct mlg_check_result *check = &gate->checks[i];
        if (check->verdict == MLG_VERDICT_ERROR && mlg_check_blocks(check) && check->reason &&
            strcmp(check->reason, gate->error) == 0)
            return false;
    }
    return gate->error != NULL;
}

/* ---- names ---- */

const char *mlg_argument_key(const struct mlg_pair *argument, size_t position, char buffer[24])
{
    if (argument->key && argument->key[0])
        return argument->key;
    snprintf(buffer, 24, "%zu", position + 1);
    return buffer;
}

static bool is_position(const char *key)
{
    return !key || key[strspn(key, "0123456789")] == '\0';
}

void mlg_put_quantity(struct mlg_builder *out, const struct mlg_check_result *check)
{
    mlg_put(out, check->quantity ? check->quantity : "");
    for (size_t i = 0; i < check->argument_count; i++) {
        const struct mlg_pair *argument = &check->arguments[i];
        mlg_put(out, i ? ", " : "(");
        if (!is_position(argument->key)) {
            mlg_put(out, argument->key);
            mlg_put(out, "=");
        }
        mlg_put(out, argument->value ? argument->value : "");
    }
    if (check->argument_count)
        mlg_put(out, ")");
}

static const char *attribute_of(const struct mlg_check_result *check)
{
    for (size_t i = 0; i < check->argument_count; i++)
        if (check->arguments[i].key && strcmp(check->arguments[i].key, "attribute") == 0)
            return check->arguments[i].value;
    return NULL;
}

/* An attribute is what an argument without a name stands for, where there are attributes. */
static bool names_attribute(const char *written)
{
    struct mlg_arena arena;
    struct mlg_check check;
    struct mlg_error unheard = {0};
    bool found = false;
    mlg_arena_init(&arena, 0);
    if (mlg_check_parse(written, strlen(written), &arena, &check, &unheard) == MLG_OK)
        for (size_t i = 0; i < check.argument_count; i++) {
            const char *name = check.arguments[i].name;
            found = found || !name || strcmp(name, "attribute") == 0;
        }
    mlg_arena_free(&arena);
    return found;
}

void mlg_put_check(struct mlg_builder *out, const struct mlg_check_result *check, const char *separator)
{
    const char *written = check->check ? check->check : "", *attribute = attribute_of(check);
    mlg_put(out, written);
    if (!attribute || names_attribute(written))
        return;
    mlg_put(out, separator);
    mlg_put(out, "by ");
    mlg_put(out, attribute);
}

size_t mlg_comparison_marks(const char *value)
{
    size_t marks = value ? strspn(value, "<>=") : 0;
    return marks <= 2 && value && value[marks] == ' ' ? marks : 0;
}

void mlg_put_slice(struct mlg_builder *out, const struct mlg_check_result *check)
{
    if (check->slice_count == 0)
        mlg_put_format(out, "all %s", check->counted ? check->counted : "rows");
    for (size_t i = 0; i < check->slice_count; i++) {
        const struct mlg_pair *pair = &check->slice[i];
        const char *value = pair->value ? pair->value : "(missing)";
        if (i)
            mlg_put(out, ", ");
        mlg_put(out, pair->key ? pair->key : "");
        mlg_put(out, mlg_comparison_marks(value) ? " " : "=");
        mlg_put(out, value);
    }
}

void mlg_put_outside(struct mlg_builder *out, const struct mlg_results *results)
{
    for (size_t i = 0; i < results->outside_count; i++) {
        mlg_put(out, i ? ", " : "");
        mlg_put(out, results->outside[i].key);
        mlg_put(out, "=");
        mlg_put(out, results->outside[i].value);
    }
}

/* ---- numbers ---- */

enum {
    FIXED_SIZE = 64,
    DECIMALS_FEWEST = 3,
    DECIMALS_MOST = 15,
    DECIMALS_SHARED = 6,
    DIGITS_FEWEST = 3,
    DIGITS_EXACT = 17
};
static const double FIXED_LARGEST = 1e12; /* beyond it digits after the point tell nothing */

bool mlg_is_known(struct mlg_optional number)
{
    return number.known && isfinite(number.value);
}

/* With so many decimals, or where they are below zero, so many digits that count. printf's decimal point is
 * the locale's; here it is always a full stop. */
static size_t print_rounded(double value, int decimals, char out[FIXED_SIZE])
{
    char text[FIXED_SIZE];
    size_t size = 0;
    if (decimals >= 0)
        snprintf(text, sizeof text, "%.*f", decimals, value);
    else
        snprintf(text, sizeof text, "%.*e", -decimals - 1, value);
    for (const char *c = text; *c; c++) {
        bool is_plain = (*c >= '0' && *c <= '9') || *c == '-' || *c == '+' || *c == 'e';
        if (is_plain)
            out[size++] = *c;
        else if (size == 0 || out[size - 1] != '.') /* of several bytes: one point */
            out[size++] = '.';
    }
    out[size] = '\0';
    return size;
}

static double rounded(double value, int decimals)
{
    char text[FIXED_SIZE];
    double result = value;
    mlg_number_parse(text, print_rounded(value, decimals, text), &result);
    return result;
}

static bool keeps_side(struct mlg_optional number, struct mlg_optional limit, int decimals)
{
    if (!mlg_is_known(number) || !mlg_is_known(limit))
        return true;
    double shown = rounded(number.value, decimals);
    return (shown > limit.value) == (number.value > limit.value) &&
           (shown < limit.value) == (number.value < limit.value);
}

static bool is_enough(const struct mlg_check_result *check, int decimals)
{
    double value = check->estimate.value;
    return keeps_side(check->estimate, check->limit, decimals) &&
           keeps_side(check->lower, check->limit, decimals) &&
           keeps_side(check->upper, check->limit, decimals) &&
           /* 0.0004 shown as 0.000 would read as nothing at all */
           (!mlg_is_known(check->estimate) || fabs(rounded(value, decimals) - value) <= 0.05 * fabs(value));
}

int mlg_shown_decimals(const struct mlg_check_result *check)
{
    const struct mlg_optional numbers[] = {check->estimate, check->lower, check->upper};
    for (size_t i = 0; i < 3; i++)
        if (mlg_is_known(numbers[i]) && fabs(numbers[i].value) >= FIXED_LARGEST)
            return -DIGITS_EXACT;
    for (int decimals = DECIMALS_FEWEST; decimals <= DECIMALS_MOST; decimals++)
        if (is_enough(check, decimals))
            return decimals;
    for (int digits = DIGITS_FEWEST; digits < DIGITS_EXACT; digits++)
        if (is_enough(check, -digits))
            return -digits;
    return -DIGITS_EXACT;
}

void mlg_put_shown(struct mlg_builder *out, double value, int decimals)
{
    char text[FIXED_SIZE];
    if (decimals < 0 || !isfinite(value)) {
        mlg_put_number(out, isfinite(value) ? rounded(value, decimals) : value);
        return;
    }
    size_t size = print_rounded(value, decimals, text);
    /* "-0.000" reads as a number below zero that it may not be */
    bool is_zero = strspn(text, "-0.") == size;
    mlg_put(out, is_zero && text[0] == '-' ? text + 1 : text);
}

static bool is_count(const struct mlg_check_result *check)
{
    double value = check->estimate.value;
    bool exact = check->method && strcmp(check->method, "exact") == 0;
    return exact && fabs(value) < 9007199254740992.0 && floor(value) == value;
}

void mlg_put_value(struct mlg_builder *out, const struct mlg_check_result *check)
{
    if (!mlg_is_known(check->estimate))
        return;
    if (is_count(check)) {
        if (check->estimate.value < 0)
            mlg_put(out, "-");
        mlg_put_count(out, (uint64_t)fabs(check->estimate.value));
    } else {
        mlg_put_shown(out, check->estimate.value, mlg_shown_decimals(check));
    }
}

/* Where there are more of its kind one below the other, with as many decimals as they; what is told by its
 * digits stays so. */
static int decimals_of(const struct mlg_check_result *check, int least)
{
    const int decimals = mlg_shown_decimals(check);
    return decimals >= 0 && decimals < least ? least : decimals;
}

static void put_bound(struct mlg_builder *out, struct mlg_optional bound, int decimals)
{
    if (mlg_is_known(bound))
        mlg_put_shown(out, bound.value, decimals);
    else
        mlg_put(out, "...");
}

static void put_bounds(struct mlg_builder *out, const struct mlg_check_result *check, int least)
{
    if ((!mlg_is_known(check->lower) && !mlg_is_known(check->upper)) ||
        (check->method && strcmp(check->method, "exact") == 0))
        return;
    int decimals = decimals_of(check, least);
    mlg_put(out, "[");
    put_bound(out, check->lower, decimals);
    mlg_put(out, ", ");
    put_bound(out, check->upper, decimals);
    mlg_put(out, "]");
}

void mlg_put_bounds(struct mlg_builder *out, const struct mlg_check_result *check)
{
    put_bounds(out, check, 0);
}

void mlg_put_percent(struct mlg_builder *out, double confidence)
{
    /* 0.58 * 100 is 57.99999999999999: nine digits are what anyone writes */
    mlg_put_number(out, round(confidence * 1e11) / 1e9);
}

void mlg_put_about(struct mlg_builder *out, double rows)
{
    if (!(rows >= 0) || rows > 1e18) {
        mlg_put(out, "more than 1e18");
        return;
    }
    uint64_t count = (uint64_t)ceil(rows), unit = 1;
    while (count / unit >= 100)
        unit *= 10;
    mlg_put(out, "about ");
    mlg_put_count(out, (count + unit - 1) / unit * unit);
}

/* ---- groups ---- */

void mlg_put_group(struct mlg_builder *out, const struct mlg_group_result *group)
{
    for (size_t i = 0; i < group->group_count; i++) {
        const char *key = group->group[i].key ? group->group[i].key : "";
        mlg_put(out, i ? ", " : "");
        mlg_put_slice_name(out, &key, (const char *const *)&group->group[i].value, 1, false);
    }
}

/* Of a group's numbers the ones that are shown as a value and its bounds; the limit keeps them on its side.
 */
static struct mlg_check_result as_check(const struct mlg_check_result *check, struct mlg_optional value,
                                        struct mlg_optional lower, struct mlg_optional upper)
{
    return (struct mlg_check_result){
        .estimate = value, .lower = lower, .upper = upper, .limit = check->limit};
}

static struct mlg_check_result as_value(const struct mlg_check_result *check,
                                        const struct mlg_group_result *group)
{
    return as_check(check, group->estimate, group->lower, group->upper);
}

static struct mlg_check_result as_disparity(const struct mlg_check_result *check,
                                            const struct mlg_group_result *group)
{
    return as_check(check, group->disparity, (struct mlg_optional){0}, (struct mlg_optional){0});
}

static void widen(int *decimals, const struct mlg_check_result *shown)
{
    const int needed = mlg_shown_decimals(shown);
    if (needed > *decimals && needed <= DECIMALS_SHARED)
        *decimals = needed;
}

struct mlg_group_decimals mlg_group_decimals(const struct mlg_check_result *check, const size_t *chosen,
                                             size_t count)
{
    struct mlg_group_decimals decimals = {0, 0};
    for (size_t i = 0; i < count; i++) {
        const struct mlg_check_result value = as_value(check, &check->groups[chosen[i]]);
        const struct mlg_check_result disparity = as_disparity(check, &check->groups[chosen[i]]);
        widen(&decimals.value, &value);
        widen(&decimals.disparity, &disparity);
    }
    return decimals;
}

static void put_group_number(struct mlg_builder *out, const struct mlg_check_result *shown, int least)
{
    if (mlg_is_known(shown->estimate))
        mlg_put_shown(out, shown->estimate.value, decimals_of(shown, least));
}

void mlg_put_group_value(struct mlg_builder *out, const struct mlg_check_result *check,
                         const struct mlg_group_result *group, struct mlg_group_decimals decimals)
{
    const struct mlg_check_result shown = as_value(check, group);
    put_group_number(out, &shown, decimals.value);
}

void mlg_put_group_bounds(struct mlg_builder *out, const struct mlg_check_result *check,
                          const struct mlg_group_result *group, struct mlg_group_decimals decimals)
{
    const struct mlg_check_result shown = as_value(check, group);
    put_bounds(out, &shown, decimals.value);
}

static bool is_whole(struct mlg_optional number)
{
    return mlg_is_known(number) && number.value >= 0 && number.value < 1e18 &&
           !(number.value > floor(number.value));
}

static void put_rows(struct mlg_builder *out, struct mlg_optional number)
{
    if (is_whole(number))
        mlg_put_count(out, (uint64_t)number.value);
    else
        mlg_put_number(out, number.value);
}

void mlg_put_group_share(struct mlg_builder *out, const struct mlg_group_result *group)
{
    if (!mlg_is_known(group->count) || !mlg_is_known(group->of))
        return;
    put_rows(out, group->count);
    mlg_put(out, " of ");
    put_rows(out, group->of);
}

void mlg_put_group_disparity(struct mlg_builder *out, const struct mlg_check_result *check,
                             const struct mlg_group_result *group, struct mlg_group_decimals decimals)
{
    const struct mlg_check_result shown = as_disparity(check, group);
    put_group_number(out, &shown, decimals.disparity);
}

void mlg_put_group_positives(struct mlg_builder *out, const struct mlg_group_result *group)
{
    if (mlg_is_known(group->positives))
        put_rows(out, group->positives);
}

static void put_line_value(struct mlg_builder *out, const struct mlg_check_result *check,
                           const struct mlg_group_result *group, struct mlg_group_decimals decimals)
{
    mlg_put(out, check->group_quantity ? check->group_quantity : "value");
    mlg_put(out, " ");
    mlg_put_group_value(out, check, group, decimals);
    if (mlg_is_known(group->lower) || mlg_is_known(group->upper)) {
        mlg_put(out, " ");
        mlg_put_group_bounds(out, check, group, decimals);
    }
    if (mlg_is_known(group->count) && mlg_is_known(group->of)) {
        mlg_put(out, " (");
        mlg_put_group_share(out, group);
        mlg_put(out, ")");
    }
    if (mlg_is_known(group->disparity)) {
        mlg_put_format(out, ", against %s ", check->group_against ? check->group_against : "best");
        mlg_put_group_disparity(out, check, group, decimals);
    }
}

void mlg_put_group_line(struct mlg_builder *out, const struct mlg_check_result *check,
                        const struct mlg_group_result *group, struct mlg_group_decimals decimals)
{
    if (mlg_is_known(group->estimate)) {
        put_line_value(out, check, group, decimals);
        mlg_put(out, "; ");
    }
    mlg_put_count(out, group->n);
    mlg_put(out, group->n == 1 ? " row" : " rows");
    if (mlg_is_known(group->positives)) {
        mlg_put(out, ", ");
        put_rows(out, group->positives);
        mlg_put(out, group->positives.value > 1 || group->positives.value < 1 ? " positives" : " positive");
    }
    if (group->note) {
        mlg_put(out, "; ");
        mlg_put(out, group->note);
    }
}

struct mlg_check_result mlg_other_table(const struct mlg_check_result *check)
{
    struct mlg_check_result other = *check;
    other.groups = check->other_groups;
    other.group_count = check->other_group_count;
    other.group_quantity = check->other_group_quantity;
    other.group_against = check->other_group_against;
    return other;
}

size_t mlg_choose_groups(const struct mlg_check_result *check, size_t most, size_t *chosen)
{
    size_t best = 0, count = check->group_count < most ? check->group_count : most;
    for (size_t i = 0; i < check->group_count; i++)
        if (mlg_is_known(check->groups[i].estimate) && !check->groups[i].note)
            best = i;
    for (size_t i = 0; i < count; i++)
        chosen[i] = i;
    if (count > 0 && best >= count)
        chosen[count - 1] = best;
    return count;
}

/* ---- reasons ---- */

void mlg_put_evidence_reason(struct mlg_builder *out, const struct mlg_check_result *check,
                             enum mlg_verdict verdict)
{
    bool has_reason = check->reason && check->reason[0];
    if (has_reason)
        mlg_put(out, check->reason);
    else if (verdict == MLG_INCONCLUSIVE)
        mlg_put(out, "cannot tell");
    if (verdict == MLG_INCONCLUSIVE && mlg_is_known(check->rows_needed) &&
        !(has_reason && strstr(check->reason, " rows"))) {
        mlg_put(out, "; ");
        mlg_put_about(out, check->rows_needed.value);
        mlg_put(out, " rows would decide");
    }
}

void mlg_put_waiver(struct mlg_builder *out, const struct mlg_check_result *check)
{
    mlg_put(out, "waived until ");
    mlg_put(out, check->waiver_expires ? check->waiver_expires : "(no date)");
    mlg_put(out, " by ");
    mlg_put(out, check->waiver_owner ? check->waiver_owner : "(no owner)");
    mlg_put(out, ": ");
    mlg_put(out, check->waiver_reason ? check->waiver_reason : "(no reason)");
}

void mlg_put_why(struct mlg_builder *out, const struct mlg_check_result *check)
{
    if (check->verdict == MLG_WAIVED) {
        mlg_put_waiver(out, check);
        mlg_put_format(out, "; otherwise %s", mlg_verdicts[check->underlying].word);
        if (check->underlying == MLG_INCONCLUSIVE || (check->reason && check->reason[0]))
            mlg_put(out, ": ");
        mlg_put_evidence_reason(out, check, check->underlying);
    } else {
        mlg_put_evidence_reason(out, check, check->verdict);
    }
}

/* ---- memory ---- */

const char *mlg_take(struct mlg_builder *builder, struct mlg_arena *arena)
{
    const char *text = NULL;
    if (!builder->failed)
        text = mlg_arena_copy(arena, builder->data, builder->size);
    builder->size = 0;
    if (builder->capacity)
        builder->data[0] = '\0';
    return text;
}

bool mlg_index_init(struct mlg_index *index, size_t count, struct mlg_arena *arena)
{
    size_t capacity = 16;
    while (capacity / 2 < count)
        capacity *= 2;
    index->slots = MLG_NEW_ARRAY(arena, struct mlg_index_slot, capacity);
    index->capacity = capacity;
    index->count = 0;
    return index->slots != NULL;
}

struct mlg_index_slot *mlg_index_get(struct mlg_index *index, const char *key, size_t fresh, bool *made)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (const unsigned char *c = (const unsigned char *)key; *c; c++)
        hash = (hash ^ *c) * 1099511628211u;
    size_t at = (size_t)(hash ^ (hash >> 32)) & (index->capacity - 1);
    while (index->slots[at].key && strcmp(index->slots[at].key, key) != 0)
        at = (at + 1) & (index->capacity - 1);
    *made = index->slots[at].key == NULL;
    if (*made) {
        if (index->count + 1 >= index->capacity)
            return NULL;
        index->slots[at] = (struct mlg_index_slot){key, fresh};
        index->count++;
    }
    return &index->slots[at];
}

/* ---- what a value is made of ---------------------------------------------------------------------- */

void mlg_put_parts(struct mlg_builder *out, const struct mlg_check_result *check)
{
    for (size_t i = 0; i < check->part_count; i++) {
        const struct mlg_part_result *part = &check->parts[i];
        struct mlg_check_result shown = {.estimate = part->value}; /* the limit is not of the part */
        mlg_put(out, i ? ", " : "");
        for (const char *c = part->name; *c; c++)
            mlg_put_bytes(out, *c == '_' ? "-" : c, 1);
        mlg_put(out, " ");
        mlg_put_value(out, &shown);
    }
}

void mlg_put_offenders(struct mlg_builder *out, const struct mlg_check_result *check, size_t most)
{
    const size_t count = check->offender_count < most ? check->offender_count : most;
    const double all = check->offenders_of.value, shown = (double)count;
    for (size_t i = 0; i < count; i++) {
        mlg_put(out, i ? "; " : "");
        mlg_put(out, check->offenders[i]);
    }
    if (mlg_is_known(check->offenders_of) && all > shown) {
        mlg_put(out, "; and ");
        mlg_put_count(out, (uint64_t)(all - shown));
        mlg_put(out, " more");
    }
}
