/* loosened: what one configuration asks less than another one did.
 *
 * Settings are compared where they end, in the checks: a confidence that is lowered at the top and kept by a
 * check is no matter of that check. What one line lowers for many checks is told once.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "mlgate/gate.h"
#include "mlgate/loosened.h"

struct finder {
    const struct mlg_suite *before, *after;
    struct mlg_arena *arena;
    const struct gates *gates; /* that are being compared; NULL: none are */
    const char **old_reasons;  /* the words of every reason of the old file, sorted */
    size_t old_reason_count, old_reason_capacity;
    struct mlg_loosened *found;
    size_t capacity;
    bool failed;
};

struct gates {
    const struct mlg_gate_config *before, *after;
};

/* Where a value stands in both files, what it is of, and what may say why. */
struct site {
    const char *gate, *data, *check;
    struct mlg_place was, is;
    const char *reasons[3]; /* in the new file; NULL: none */
    bool is_shared;         /* the same line may be found again, in other checks */
    bool warns;             /* what is inconclusive here only warns */
};

static bool is_same_place(const struct mlg_place *a, const struct mlg_place *b)
{
    return a->line == b->line && a->column == b->column && mlg_text_equal(a->file, b->file);
}

static bool is_written(const struct mlg_origin *origin)
{
    return origin->type == MLG_FROM_CONFIG && origin->place.line > 0;
}

static struct mlg_place place_of(const struct mlg_node *node, const char *path)
{
    return node ? node->origin.place : (struct mlg_place){.file = path};
}

/* ---- findings ------------------------------------------------------------------------------------------ */

static const char *keep(struct finder *finder, struct mlg_builder *text)
{
    const char *kept =
        text->failed ? NULL : mlg_arena_copy(finder->arena, text->size ? text->data : "", text->size);
    finder->failed = finder->failed || !kept;
    mlg_builder_free(text);
    return kept ? kept : "";
}

/* The letters and digits of a reason, so that another case, mark or blank makes no new one; "": it says
 * nothing. Of what is no ASCII, the blocks of marks (U+0080 to U+00BF, U+2000 to U+2FFF) are no letters. */
static const char *words_of(struct finder *finder, const char *reason)
{
    bool is_mark = false;
    struct mlg_builder words;
    mlg_builder_init(&words, 0);
    for (const char *c = reason; *c; c++) {
        const unsigned char byte = (unsigned char)*c;
        const char low = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
        if (byte < 0x80 || byte >= 0xc0)
            is_mark = byte < 0x80 ? !(low >= 'a' && low <= 'z') && !(low >= '0' && low <= '9')
                                  : byte == 0xc2 || byte == 0xe2;
        if (!is_mark)
            mlg_put_bytes(&words, &low, 1);
    }
    return keep(finder, &words);
}

static void add_old_reason(struct finder *finder, const char *reason)
{
    if (!reason)
        return;
    const char **grown = mlg_arena_grow(finder->arena, finder->old_reasons, &finder->old_reason_capacity,
                                        finder->old_reason_count + 1, sizeof *grown);
    if (!grown) {
        finder->failed = true;
        return;
    }
    finder->old_reasons = grown;
    grown[finder->old_reason_count++] = words_of(finder, reason);
}

static int compare_reasons(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_old_reason(const struct finder *finder, const char *words)
{
    return finder->old_reason_count && bsearch(&words, finder->old_reasons, finder->old_reason_count,
                                               sizeof words, compare_reasons) != NULL;
}

static bool is_reason(const struct mlg_param *row)
{
    static const char end[] = "_reason";
    const size_t size = strlen(row->name), tail = sizeof end - 1;
    return row->kind == &mlg_kind_text && size > tail && strcmp(row->name + size - tail, end) == 0;
}

static void list_reasons_of_gate(struct finder *finder, const struct mlg_gate_config *gate)
{
    add_old_reason(finder, gate->settings.because);
    for (size_t i = 0; i < gate->checks.count; i++)
        if (gate->checks.items[i].settings.because != gate->settings.because)
            add_old_reason(finder, gate->checks.items[i].settings.because);
    for (const struct mlg_param *row = gate->gate->params; row && row->name; row++) {
        const void *field = (const char *)gate->options + row->offset;
        if (is_reason(row))
            add_old_reason(finder, *(const char *const *)field);
        if (row->kind != &mlg_kind_exclusions)
            continue;
        const struct mlg_exclusions *exclusions = field;
        for (size_t i = 0; i < exclusions->count; i++)
            add_old_reason(finder, exclusions->items[i].reason);
    }
}

static void list_old_reasons(struct finder *finder)
{
    const struct mlg_suite *suite = finder->before;
    add_old_reason(finder, suite->because);
    for (size_t i = 0; i < suite->data_count; i++)
        add_old_reason(finder, suite->data[i].because);
    for (size_t i = 0; i < suite->gate_count; i++)
        list_reasons_of_gate(finder, &suite->gates[i]);
    for (size_t i = 0; i < suite->waiver_count; i++)
        add_old_reason(finder, suite->waivers[i].reason);
    if (finder->old_reason_count)
        qsort(finder->old_reasons, finder->old_reason_count, sizeof *finder->old_reasons, compare_reasons);
}

static bool is_word_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Does the sentence name it, as a word? */
static bool names(const char *sentence, const char *name)
{
    const size_t size = strlen(name);
    for (const char *at = size ? strstr(sentence, name) : NULL; at; at = strstr(at + 1, name))
        if ((at == sentence || !is_word_character(at[-1]) || !is_word_character(name[0])) &&
            (!is_word_character(at[size]) || !is_word_character(name[size - 1])))
            return true;
    return false;
}

/* What is gone has nothing beside it: `name` must stand in the sentence then. A reason that stands anywhere
 * in the old file is of something else. */
static const char *find_because(struct finder *finder, const struct site *site, const char *name,
                                bool *is_old)
{
    for (size_t i = 0; i < sizeof site->reasons / sizeof *site->reasons; i++) {
        const char *reason = site->reasons[i], *words = reason ? words_of(finder, reason) : "";
        if (!words[0] || (name && !names(reason, name)))
            continue;
        if (!is_old_reason(finder, words))
            return reason;
        *is_old = true;
    }
    return NULL;
}

static struct mlg_loosening *find_shared(const struct finder *finder, const struct site *site,
                                         const struct mlg_loosening *like)
{
    for (size_t i = 0; site->is_shared && i < finder->found->count; i++) {
        struct mlg_loosening *item = &finder->found->items[i];
        if (item->checks && is_same_place(&item->is, &site->is) && is_same_place(&item->was, &site->was) &&
            item->is_note == like->is_note && item->warns == like->warns &&
            strcmp(item->key, like->key) == 0 && mlg_text_equal(item->before, like->before) &&
            mlg_text_equal(item->after, like->after) && !item->text)
            return item;
    }
    return NULL;
}

/* Adds a finding; `text` NULL: the usual sentence, made at the end. `name`: what is gone, or NULL. */
static void add(struct finder *finder, const struct site *site, struct mlg_loosening item, const char *name)
{
    item.gate = site->gate;
    item.data = site->data;
    item.check = site->check;
    item.checks = site->check != NULL;
    item.was = site->was;
    item.is = site->is;
    item.because = item.is_note ? NULL : find_because(finder, site, name, &item.has_old_because);
    struct mlg_loosening *same = find_shared(finder, site, &item);
    if (same) {
        same->checks++;
        same->gate = mlg_text_equal(same->gate, item.gate) ? same->gate : NULL;
        same->because = item.because ? same->because : NULL;
        same->has_old_because = same->has_old_because && item.has_old_because;
        return;
    }
    struct mlg_loosened *found = finder->found;
    struct mlg_loosening *grown =
        mlg_arena_grow(finder->arena, found->items, &finder->capacity, found->count + 1, sizeof *grown);
    if (!grown) {
        finder->failed = true;
        return;
    }
    found->items = grown;
    grown[found->count++] = item;
}

static void add_sentence(struct finder *finder, const struct site *site, const char *key, const char *before,
                         const char *after, const char *name, const char *text)
{
    finder->failed = finder->failed || !text;
    add(finder, site,
        (struct mlg_loosening){.key = key, .before = before, .after = after, .text = text ? text : ""}, name);
}

/* ---- values -------------------------------------------------------------------------------------------- */

static const void *field_of(const struct mlg_param *row, const void *object)
{
    return (const char *)object + row->offset;
}

/* NULL: it is not given. */
static const char *value_of(struct finder *finder, const struct mlg_param *row, const void *object)
{
    struct mlg_builder text;
    if (mlg_value_is_unset(row, object))
        return NULL;
    mlg_builder_init(&text, 0);
    mlg_param_print(row, object, &text);
    return keep(finder, &text);
}

static bool is_text(const struct mlg_param *row)
{
    return row->kind == &mlg_kind_text;
}

static double number_of(const struct mlg_param *row, const void *object)
{
    const void *field = field_of(row, object);
    if (row->kind == &mlg_kind_boolean)
        return *(const bool *)field;
    if (row->kind == &mlg_kind_choice)
        return *(const int *)field;
    if (row->kind == &mlg_kind_integer)
        return (double)*(const int64_t *)field; /* of a row with a range, all of which are exact */
    return *(const double *)field;
}

/* Of a row that holds one value: does the other one ask for less? */
static bool is_less(const struct mlg_param *row, const void *before, const void *after)
{
    if (is_text(row)) {
        const char *was = *(const char *const *)field_of(row, before);
        const char *is = *(const char *const *)field_of(row, after);
        if (row->weaker == MLG_WEAKER_FEWER)
            return was && !is;
        const int order = was && is ? strcmp(is, was) : 0;
        return row->weaker == MLG_WEAKER_HIGHER ? order > 0 : row->weaker == MLG_WEAKER_LOWER && order < 0;
    }
    double was = number_of(row, before), is = number_of(row, after);
    if (row->weaker == MLG_WEAKER_HIGHER_OR_ZERO) {
        was = was > 0 ? was : HUGE_VAL;
        is = is > 0 ? is : HUGE_VAL;
    }
    return row->weaker == MLG_WEAKER_LOWER ? is < was : is > was;
}

/* ---- lists --------------------------------------------------------------------------------------------- */

/* An item of a list: equal keys are the same item. */
struct item {
    const char *key;
    const char *part;  /* of an item that stands before it: "Male" of the slices of sex; NULL: it is whole */
    const char *whole; /* then: its key */
    const char *lack; /* what is told where it is gone: "no longer cuts 'age' at 45"; NULL: the usual words */
    bool is_silent;   /* that it is gone is not told */
    const char *reason;
    const struct mlg_node *node;
};

struct items {
    struct item *list;
    size_t count, capacity;
};

static void add_item(struct finder *finder, struct items *items, struct item item)
{
    struct item *grown =
        mlg_arena_grow(finder->arena, items->list, &items->capacity, items->count + 1, sizeof *grown);
    if (!grown || !item.key) {
        finder->failed = true;
        return;
    }
    items->list = grown;
    grown[items->count++] = item;
}

static void texts_of(struct finder *finder, const struct mlg_param *row, const struct mlg_texts *texts,
                     struct items *items)
{
    for (size_t i = 0; i < texts->count; i++)
        if (!row->nothing || texts->count > 1 || strcmp(texts->items[i], row->nothing) != 0)
            add_item(finder, items,
                     (struct item){.key = texts->items[i], .node = texts->nodes ? texts->nodes[i] : NULL});
}

/* race*sex is sex*race: which column stands where, sorted by name. */
static void sort_columns(const struct mlg_slicing *slicing, size_t order[MLG_CROSS_COLUMNS])
{
    for (size_t i = 0; i < slicing->column_count; i++) {
        size_t at = i;
        for (; at && strcmp(slicing->columns[i], slicing->columns[order[at - 1]]) < 0; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

static const char *join_ordered(struct finder *finder, const char *const *texts, const size_t *order,
                                size_t count)
{
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    for (size_t i = 0; i < count; i++) {
        mlg_put(&text, i ? "*" : "");
        mlg_put(&text, texts[order[i]]);
    }
    return keep(finder, &text);
}

static void slicing_of(struct finder *finder, const struct mlg_slicing *slicing, struct items *items)
{
    size_t order[MLG_CROSS_COLUMNS] = {0};
    const size_t columns = slicing->column_count;
    sort_columns(slicing, order);
    const char *key = join_ordered(finder, slicing->columns, order, columns);
    if (slicing->is_comparison) {
        struct mlg_builder text;
        mlg_builder_init(&text, 0);
        mlg_put_format(&text, "%s %s ", key,
                       slicing->comparator == MLG_NO_COMPARATOR ? "="
                                                                : mlg_comparator_text(slicing->comparator));
        mlg_put_number(&text, slicing->bound.value);
        add_item(finder, items, (struct item){.key = keep(finder, &text), .node = slicing->node});
        return;
    }
    add_item(finder, items, (struct item){.key = key, .node = slicing->node});
    /* Every value there is stands for itself; declared ones have to be there, and are the only ones. */
    if (slicing->declared_count == 0)
        add_item(finder, items, (struct item){.key = "*", .part = "", .whole = key, .node = slicing->node});
    for (size_t i = 0; columns && i + columns <= slicing->declared_count; i += columns) {
        const char *part = join_ordered(finder, slicing->declared + i, order, columns);
        add_item(finder, items,
                 (struct item){.key = part, .part = part, .whole = key, .node = slicing->node});
    }
}

static void exclusion_of(struct finder *finder, const struct mlg_exclusion *exclusion, struct items *items)
{
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    for (size_t i = 0; i < exclusion->group.count; i++)
        mlg_put_format(&text, "%s%s=%s", i ? ", " : "", exclusion->group.keys[i], exclusion->group.values[i]);
    add_item(finder, items,
             (struct item){.key = keep(finder, &text), .reason = exclusion->reason, .node = exclusion->node});
}

/* Each cut stands for itself. That a column is not cut any more leaves its values, which are no fewer groups.
 */
static void bins_of(struct finder *finder, const struct mlg_bins *bins, struct items *items)
{
    for (size_t i = 0; i < bins->count; i++) {
        const struct mlg_bin *bin = &bins->items[i];
        add_item(finder, items, (struct item){.key = bin->column, .is_silent = true});
        for (size_t k = 0; k < bin->count; k++) {
            struct mlg_builder text;
            mlg_builder_init(&text, 0);
            mlg_put_number(&text, bin->cuts[k]);
            const char *cut = keep(finder, &text);
            const char *lack = mlg_arena_format(finder->arena, "no longer cuts '%s' at %s", bin->column, cut);
            finder->failed = finder->failed || !lack;
            add_item(finder, items,
                     (struct item){.key = cut, .part = cut, .whole = bin->column, .lack = lack});
        }
    }
}

/* False: it is no list. */
static bool items_of(struct finder *finder, const struct mlg_param *row, const void *object,
                     struct items *items)
{
    const void *field = field_of(row, object);
    if (row->kind == &mlg_kind_texts) {
        texts_of(finder, row, field, items);
    } else if (row->kind == &mlg_kind_slices || row->kind == &mlg_kind_attributes) {
        const struct mlg_slicings *slicings = field;
        for (size_t i = 0; i < slicings->count; i++)
            slicing_of(finder, &slicings->items[i], items);
    } else if (row->kind == &mlg_kind_exclusions) {
        const struct mlg_exclusions *exclusions = field;
        for (size_t i = 0; i < exclusions->count; i++)
            exclusion_of(finder, &exclusions->items[i], items);
    } else if (row->kind == &mlg_kind_bins) {
        bins_of(finder, field, items);
    } else {
        return false;
    }
    return true;
}

/* `on: [sex]` has the slice sex=Male. */
static bool on_has(struct finder *finder, const char *whole, const char *part)
{
    struct mlg_on all, one;
    if (!mlg_on_parse(whole, &all, finder->arena) || !mlg_on_parse(part, &one, finder->arena) || all.all ||
        all.has_values || !one.has_values || all.is_comparison || one.is_comparison ||
        all.column_count != one.column_count)
        return false;
    bool same = true;
    for (size_t i = 0; same && i < all.column_count; i++)
        same = strcmp(all.columns[i], one.columns[i]) == 0;
    return same;
}

static bool has_item(struct finder *finder, const struct mlg_param *row, const struct items *items,
                     const struct item *wanted)
{
    for (size_t i = 0; i < items->count; i++) {
        const struct item *item = &items->list[i];
        if ((strcmp(item->key, wanted->key) == 0 && mlg_text_equal(item->whole, wanted->whole)) ||
            (row->weaker == MLG_WEAKER_NARROWER && on_has(finder, item->key, wanted->key)))
            return true;
    }
    return false;
}

static bool has_whole(const struct items *items, const struct item *part)
{
    for (size_t i = 0; part->whole && i < items->count; i++)
        if (!items->list[i].whole && strcmp(items->list[i].key, part->whole) == 0)
            return true;
    return !part->whole;
}

static const char *key_of_slicing(struct finder *finder, const struct mlg_slicing *slicing)
{
    struct items items = {0};
    slicing_of(finder, slicing, &items);
    return items.count ? items.list[0].key : "";
}

/* The same slices in the other file; NULL: they are gone. */
static const struct mlg_slicing *find_slicing(struct finder *finder, const struct mlg_slicings *slicings,
                                              const struct mlg_slicing *like)
{
    const char *key = key_of_slicing(finder, like);
    for (size_t i = 0; i < slicings->count; i++)
        if (strcmp(key_of_slicing(finder, &slicings->items[i]), key) == 0)
            return &slicings->items[i];
    return NULL;
}

/* Does `on` name all of these slices? NULL: all rows. */
static bool on_names(struct finder *finder, const struct items *on, const struct mlg_slicing *slicing)
{
    for (size_t i = 0; i < on->count; i++) {
        struct mlg_on one;
        if (mlg_on_parse(on->list[i].key, &one, finder->arena) && mlg_on_fits(&one, slicing) &&
            (!slicing || !one.has_values || one.is_comparison || strcmp(one.written, slicing->written) == 0))
            return true;
    }
    return false;
}

/* Does `on` name all there was? Of slices that are gone `slices` tells. */
static bool is_everything(struct finder *finder, const struct items *on)
{
    const struct mlg_slicings *was = &finder->gates->before->slices;
    for (size_t i = 0; i < was->count; i++) {
        const struct mlg_slicing *is = find_slicing(finder, &finder->gates->after->slices, &was->items[i]);
        if (is && !on_names(finder, on, is))
            return false;
    }
    return on_names(finder, on, NULL);
}

/* ---- one row ------------------------------------------------------------------------------------------- */

static const char *prefix_of(const struct finder *finder, const struct site *site)
{
    const char *text = site->gate   ? mlg_arena_format(finder->arena, "%s: ", site->gate)
                       : site->data ? mlg_arena_format(finder->arena, "data.%s: ", site->data)
                                    : "";
    return text ? text : "";
}

/* " of 'roc_auc >= 0.85'" */
static const char *of_check(const struct finder *finder, const struct site *site)
{
    const char *text = site->check ? mlg_arena_format(finder->arena, " of '%s'", site->check) : "";
    return text ? text : "";
}

static void tell_item(struct finder *finder, const struct site *site, const struct mlg_param *row,
                      const struct item *item, bool is_gone)
{
    struct site own = *site;
    struct mlg_arena *arena = finder->arena;
    const char *prefix = prefix_of(finder, site), *check = of_check(finder, site), *text;
    if (item->node && item->node->origin.place.line)
        *(is_gone ? &own.was : &own.is) = item->node->origin.place;
    own.is_shared = false;
    if (item->reason)
        own.reasons[2] = item->reason;
    if (!is_gone)
        text = mlg_arena_format(arena, "%s'%s'%s now has '%s'", prefix, row->name, check, item->key);
    else if (item->lack)
        text = mlg_arena_format(arena, "%s'%s'%s %s", prefix, row->name, check, item->lack);
    else if (!item->part)
        text = mlg_arena_format(arena, "%s'%s'%s no longer has '%s'", prefix, row->name, check, item->key);
    else if (!item->part[0])
        text = mlg_arena_format(arena, "%s'%s' has no longer every value of '%s', but those that are named",
                                prefix, row->name, item->whole);
    else
        text = mlg_arena_format(arena, "%s'%s' no longer asks for '%s' of '%s'", prefix, row->name,
                                item->part, item->whole);
    /* Of a part the whole is still there, and of what is new everything: a reason can stand beside it. */
    add_sentence(finder, &own, row->name, is_gone ? item->key : NULL, is_gone ? NULL : item->key,
                 is_gone && !item->part && !site->check ? item->key : NULL, text);
}

static bool has_groups_of(const struct mlg_slicings *slicings, const char *column)
{
    for (size_t i = 0; i < slicings->count; i++)
        for (size_t c = 0; c < slicings->items[i].column_count && !slicings->items[i].is_comparison; c++)
            if (strcmp(slicings->items[i].columns[c], column) == 0)
                return true;
    return false;
}

/* Was each value of the column a group of its own? */
static bool was_uncut(const struct mlg_gate_config *gate, const struct mlg_bins *bins, const char *column)
{
    for (size_t i = 0; i < bins->count; i++)
        if (strcmp(bins->items[i].column, column) == 0)
            return false;
    if (has_groups_of(&gate->slices, column))
        return true;
    for (const struct mlg_param *row = gate->gate->params; row && row->name; row++)
        if (row->kind == &mlg_kind_attributes && has_groups_of(field_of(row, gate->options), column))
            return true;
    return false;
}

/* Values that were groups of their own and are merged. */
static bool compare_merged(struct finder *finder, const struct site *site, const struct mlg_param *row,
                           const struct mlg_bins *before, const struct mlg_bins *after)
{
    bool any = false;
    for (size_t i = 0; finder->gates && i < after->count; i++) {
        const char *column = after->items[i].column;
        if (!was_uncut(finder->gates->before, before, column))
            continue;
        any = true;
        if (site)
            add_sentence(finder, site, row->name, NULL, column, NULL,
                         mlg_arena_format(finder->arena, "%s'%s' cuts '%s', of which every value was a group",
                                          prefix_of(finder, site), row->name, column));
    }
    return any;
}

/* Tells what of a list asks for less, or with `site` NULL only whether something does. */
static bool compare_lists(struct finder *finder, const struct site *site, const struct mlg_param *row,
                          const void *before, const void *after)
{
    struct items was = {0}, is = {0};
    const bool more = row->weaker == MLG_WEAKER_MORE;
    bool any = row->kind == &mlg_kind_bins &&
               compare_merged(finder, site, row, field_of(row, before), field_of(row, after));
    items_of(finder, row, more ? after : before, &was);
    items_of(finder, row, more ? before : after, &is);
    if (row->weaker == MLG_WEAKER_NARROWER &&
        (is.count == 0 || (was.count == 0 && is_everything(finder, &is))))
        return false;
    if (row->weaker == MLG_WEAKER_NARROWER && was.count == 0) {
        if (site)
            add(finder, site, (struct mlg_loosening){.key = row->name, .after = value_of(finder, row, after)},
                NULL);
        return true;
    }
    if (row->weaker == MLG_WEAKER_FEWER_OR_OTHER && row->kind == &mlg_kind_texts && is.count == 0 &&
        was.count > 0) {
        if (site)
            add(finder, site,
                (struct mlg_loosening){.key = row->name, .before = value_of(finder, row, before)}, NULL);
        return true;
    }
    for (size_t i = 0; i < was.count && !finder->failed; i++) {
        const struct item *item = &was.list[i];
        if (item->is_silent || has_item(finder, row, &is, item) || (item->whole && !has_whole(&is, item)))
            continue;
        any = true;
        if (site)
            tell_item(finder, site, row, item, !more);
    }
    return any;
}

static bool is_list(const struct mlg_param *row)
{
    return row->weaker == MLG_WEAKER_MORE || row->weaker == MLG_WEAKER_NARROWER ||
           row->weaker == MLG_WEAKER_FEWER_OR_OTHER || (row->weaker == MLG_WEAKER_FEWER && !is_text(row));
}

static bool has_direction(const struct mlg_param *row)
{
    return row->weaker != MLG_WEAKER_NONE && row->weaker != MLG_WEAKER_APART &&
           row->weaker != MLG_WEAKER_UNSTATED;
}

static bool asks_for_less(struct finder *finder, const struct mlg_param *row, const void *before,
                          const void *after)
{
    if (!has_direction(row) || row->weaker == MLG_WEAKER_CHANGED)
        return false;
    return is_list(row) ? compare_lists(finder, NULL, row, before, after) : is_less(row, before, after);
}

/* More of these leaves a failure inconclusive, which asks for less where that only warns. */
static bool warns_instead(const struct mlg_param *row, const void *before, const void *after)
{
    static const char *const rows[] = {
        "confidence",          "decide", "min_rows", "min_group_rows", "min_group_positives",
        "min_group_negatives", "family", NULL};
    return mlg_text_is_listed(row->name, rows) && is_less(row, after, before);
}

static void compare_values(struct finder *finder, const struct site *site, const struct mlg_param *row,
                           const void *before, const void *after)
{
    if (!has_direction(row))
        return;
    bool less = false, warns = false;
    if (is_list(row)) {
        if (compare_lists(finder, site, row, before, after) || row->weaker != MLG_WEAKER_FEWER_OR_OTHER)
            return;
    } else if (row->weaker != MLG_WEAKER_CHANGED) {
        warns = site->warns && warns_instead(row, before, after);
        less = warns || is_less(row, before, after);
        if (!less && !is_text(row))
            return;
    }
    const char *was = value_of(finder, row, before), *is = value_of(finder, row, after);
    const bool gained = is_text(row) && row->weaker == MLG_WEAKER_FEWER && !was;
    const bool other = row->weaker == MLG_WEAKER_CHANGED || row->weaker == MLG_WEAKER_FEWER ||
                       row->weaker == MLG_WEAKER_FEWER_OR_OTHER;
    if (less || (other && !gained && !mlg_text_equal(was, is)))
        add(finder, site,
            (struct mlg_loosening){
                .is_note = !less, .warns = warns, .key = row->name, .before = was, .after = is},
            NULL);
}

/* ---- tables of rows ------------------------------------------------------------------------------------ */

/* One object of a table in both files. */
struct pair {
    const struct mlg_param *rows;
    const void *before, *after;
    const struct mlg_origin *before_origins, *after_origins; /* NULL: the maps know the places */
    const struct mlg_node *before_map, *after_map;
};

static struct mlg_place place_of_row(const struct mlg_param *row, const struct mlg_origin *origin,
                                     const struct mlg_node *map, const char *path)
{
    const struct mlg_node *node = map && map->type == MLG_NODE_MAP ? mlg_node_get(map, row->name) : NULL;
    return origin && is_written(origin) ? origin->place : place_of(node ? node : map, path);
}

/* 'exclude_under' has 'exclude_under_reason' beside it. */
static const char *own_reason(const struct mlg_param *rows, const struct mlg_param *row, const void *object)
{
    const size_t size = strlen(row->name);
    for (; rows->name; rows++)
        if (strncmp(rows->name, row->name, size) == 0 && strcmp(rows->name + size, "_reason") == 0)
            return *(const char *const *)field_of(rows, object);
    return NULL;
}

static void compare_rows(struct finder *finder, const struct site *site, const struct pair *pair, size_t from,
                         size_t to)
{
    for (size_t i = from; i < to && pair->rows && pair->rows[i].name && !finder->failed; i++) {
        const struct mlg_param *row = &pair->rows[i];
        struct site own = *site;
        own.was = place_of_row(row, pair->before_origins ? &pair->before_origins[i] : NULL, pair->before_map,
                               finder->found->before);
        own.is = place_of_row(row, pair->after_origins ? &pair->after_origins[i] : NULL, pair->after_map,
                              finder->found->after);
        own.reasons[1] = own_reason(pair->rows, row, pair->after);
        compare_values(finder, &own, row, pair->before, pair->after);
    }
}

/* ---- checks -------------------------------------------------------------------------------------------- */

enum level { OF_CHECK, OF_GATE, OF_SUITE };

/* Where a setting of a check is written; what is built in is written nowhere, and is `otherwise`. */
static enum level level_of(const struct mlg_suite *suite, const struct mlg_gate_config *gate,
                           const struct mlg_check_config *check, size_t setting, enum level otherwise)
{
    const struct mlg_origin *own = &check->origins[setting];
    const struct mlg_origin *above = &gate->origins[MLG_GATE_SETTINGS_ROW + setting];
    if (!is_written(own))
        return otherwise;
    if (setting < MLG_SUITE_SETTINGS_COUNT &&
        is_same_place(&own->place, &suite->origins[MLG_SUITE_SETTINGS_ROW + setting].place))
        return OF_SUITE;
    return is_written(above) && is_same_place(&own->place, &above->place) ? OF_GATE : OF_CHECK;
}

static struct mlg_place place_of_setting(const struct mlg_suite *suite, const struct mlg_gate_config *gate,
                                         const struct mlg_check_config *check, size_t setting,
                                         enum level level)
{
    if (is_written(&check->origins[setting]))
        return check->origins[setting].place;
    return place_of(level == OF_SUITE  ? suite->node
                    : level == OF_GATE ? gate->node
                                       : check->node,
                    suite->path);
}

static struct site site_of_gate(const struct finder *finder, const struct gates *gates)
{
    return (struct site){.gate = gates->after->name,
                         .was = place_of(gates->before->node, finder->found->before),
                         .is = place_of(gates->after->node, finder->found->after),
                         .reasons = {gates->after->settings.because}};
}

/* Can a failure become a warning here, where the row leaves it inconclusive? The estimate alone knows no
 * confidence. */
static bool may_warn(const struct mlg_settings *before, const struct mlg_settings *after,
                     const struct mlg_param *row)
{
    return before->enforce && after->enforce && after->on_inconclusive == MLG_WARN &&
           (after->decide == MLG_DECIDE_INTERVAL || strcmp(row->name, "confidence") != 0);
}

static void compare_settings(struct finder *finder, const struct gates *gates,
                             const struct mlg_check_config *before, const struct mlg_check_config *after)
{
    for (size_t i = 0; i < MLG_SETTINGS_COUNT; i++) {
        struct site site = site_of_gate(finder, gates);
        const enum level was = level_of(finder->before, gates->before, before, i, OF_CHECK);
        const enum level is = level_of(finder->after, gates->after, after, i, was);
        site.check = after->check.written;
        site.was = place_of_setting(finder->before, gates->before, before, i,
                                    level_of(finder->before, gates->before, before, i, is));
        site.is = place_of_setting(finder->after, gates->after, after, i, is);
        site.reasons[0] = after->settings.because; /* its own, or where it has none its gate's */
        if (is == OF_SUITE)
            site.reasons[1] = finder->after->because;
        site.is_shared = is != OF_CHECK;
        site.warns = may_warn(&before->settings, &after->settings, &mlg_settings_params[i]);
        compare_values(finder, &site, &mlg_settings_params[i], &before->settings, &after->settings);
    }
}

static bool is_judged(const struct mlg_gate_config *gate, const struct mlg_check_config *item)
{
    return mlg_gate_judges(gate->gate, &item->check);
}

static bool is_strict(enum mlg_comparator comparator)
{
    return comparator == MLG_ABOVE || comparator == MLG_BELOW;
}

static bool limit_asks_for_less(const struct mlg_check *before, const struct mlg_check *after)
{
    const double was = before->limit.value, is = after->limit.value;
    if (before->comparator == MLG_NO_COMPARATOR)
        return false;
    if (is < was || is > was)
        return mlg_wants_more(before->comparator) ? is < was : is > was;
    return is_strict(before->comparator) && !is_strict(after->comparator);
}

static bool is_same_direction(const struct mlg_check *a, const struct mlg_check *b)
{
    return (a->comparator == MLG_NO_COMPARATOR) == (b->comparator == MLG_NO_COMPARATOR) &&
           mlg_wants_more(a->comparator) == mlg_wants_more(b->comparator);
}

/* How near a check comes to what another one asked; 0: it is of something else. */
static int nearness(struct finder *finder, const struct gates *gates, const struct mlg_check_config *before,
                    const struct mlg_check_config *after)
{
    if (!is_judged(gates->after, after))
        return 1;
    if (!is_same_direction(&before->check, &after->check))
        return 0;
    int near = 2;
    bool less = limit_asks_for_less(&before->check, &after->check);
    near += less ? 0 : 4;
    for (size_t i = 0; i < MLG_SETTINGS_COUNT; i++) {
        const struct mlg_param *row = &mlg_settings_params[i];
        const bool here = asks_for_less(finder, row, &before->settings, &after->settings) ||
                          (may_warn(&before->settings, &after->settings, row) &&
                           warns_instead(row, &before->settings, &after->settings));
        near += row->weaker == MLG_WEAKER_NARROWER && !here ? 8 : 0;
        less = less || here;
    }
    return near + (less ? 0 : 16);
}

static const char *quantity_of(struct finder *finder, const struct mlg_check_config *item)
{
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    mlg_check_print_quantity(&item->check, &text);
    return keep(finder, &text);
}

static const char *limit_of(const struct mlg_check *check)
{
    return check->comparator == MLG_NO_COMPARATOR ? NULL : check->written + check->limit_offset;
}

static void compare_check(struct finder *finder, const struct gates *gates,
                          const struct mlg_check_config *before, const char *quantity,
                          const char *const *quantities)
{
    const struct mlg_checks *checks = &gates->after->checks;
    const struct mlg_check_config *nearest = NULL;
    struct site site = site_of_gate(finder, gates);
    int best = 0;
    for (size_t i = 0; i < checks->count; i++) {
        const int near =
            strcmp(quantities[i], quantity) == 0 ? nearness(finder, gates, before, &checks->items[i]) : 0;
        if (near > best) {
            best = near;
            nearest = &checks->items[i];
        }
    }
    site.was = place_of(before->node, finder->found->before);
    if (!nearest) {
        site.check = before->check.written;
        add_sentence(finder, &site, "check", before->check.written, NULL, before->check.name,
                     mlg_arena_format(finder->arena, "%s: the check '%s' is gone", gates->after->name,
                                      before->check.written));
        return;
    }
    site.check = nearest->check.written;
    site.is = place_of(nearest->node, finder->found->after);
    site.reasons[0] = nearest->settings.because;
    if (!is_judged(gates->after, nearest)) {
        add_sentence(finder, &site, "limit", limit_of(&before->check), NULL, NULL,
                     mlg_arena_format(finder->arena, "%s: '%s' is only reported, and was '%s'",
                                      gates->after->name, nearest->check.written, before->check.written));
        return;
    }
    if (limit_asks_for_less(&before->check, &nearest->check))
        add_sentence(finder, &site, "limit", limit_of(&before->check), limit_of(&nearest->check), NULL,
                     mlg_arena_format(finder->arena, "%s: '%s' asks for less than '%s'", gates->after->name,
                                      nearest->check.written, before->check.written));
    compare_settings(finder, gates, before, nearest);
}

static void compare_checks(struct finder *finder, const struct gates *gates)
{
    const struct mlg_checks *before = &gates->before->checks, *after = &gates->after->checks;
    const char **quantities = MLG_NEW_ARRAY(finder->arena, const char *, after->count + 1);
    if (!quantities) {
        finder->failed = true;
        return;
    }
    for (size_t i = 0; i < after->count; i++)
        quantities[i] = quantity_of(finder, &after->items[i]);
    for (size_t i = 0; i < before->count && !finder->failed; i++)
        if (is_judged(gates->before, &before->items[i]))
            compare_check(finder, gates, &before->items[i], quantity_of(finder, &before->items[i]),
                          quantities);
}

/* ---- sources of data ----------------------------------------------------------------------------------- */

static void compare_source(struct finder *finder, const struct mlg_data *before, const struct mlg_data *after)
{
    const struct pair pair = {mlg_data_params, before,       after,      before->origins,
                              after->origins,  before->node, after->node};
    const struct site site = {.data = after->name, .reasons = {after->because}};
    compare_rows(finder, &site, &pair, 0, mlg_params_count(mlg_data_params));
}

/* A source by its name; one that a gate has exchanged for another is compared with it too. */
static void compare_named_sources(struct finder *finder)
{
    for (size_t i = 0; i < finder->before->data_count; i++) {
        const struct mlg_data *after = mlg_suite_data(finder->after, finder->before->data[i].name);
        if (after)
            compare_source(finder, &finder->before->data[i], after);
    }
}

struct exchange {
    const struct mlg_data *before, *after;
};

struct exchanges {
    struct exchange *items;
    size_t count, capacity;
};

static void add_exchange(struct finder *finder, struct exchanges *exchanges, const char *before,
                         const char *after)
{
    const struct exchange exchange = {mlg_suite_data(finder->before, before),
                                      mlg_suite_data(finder->after, after)};
    if (!exchange.before || !exchange.after || strcmp(before, after) == 0)
        return;
    for (size_t i = 0; i < exchanges->count; i++)
        if (exchanges->items[i].before == exchange.before && exchanges->items[i].after == exchange.after)
            return;
    struct exchange *grown = mlg_arena_grow(finder->arena, exchanges->items, &exchanges->capacity,
                                            exchanges->count + 1, sizeof *grown);
    if (!grown) {
        finder->failed = true;
        return;
    }
    exchanges->items = grown;
    grown[exchanges->count++] = exchange;
}

static void add_exchanges(struct finder *finder, struct exchanges *exchanges, const struct gates *gates)
{
    const struct mlg_gate *gate = gates->after->gate;
    add_exchange(finder, exchanges, gates->before->data, gates->after->data);
    for (const char *const *name = gate->source_params; name && *name; name++) {
        const struct mlg_param *row = mlg_params_find(gate->params, *name);
        if (row)
            add_exchange(finder, exchanges, *(const char *const *)field_of(row, gates->before->options),
                         *(const char *const *)field_of(row, gates->after->options));
    }
}

/* ---- gates --------------------------------------------------------------------------------------------- */

/* The gate of that name and kind, else the first one that is new, of the same kind and data. */
static const struct mlg_gate_config *find_gate(const struct finder *finder,
                                               const struct mlg_gate_config *gate, const bool *is_taken)
{
    const struct mlg_suite *before = finder->before, *after = finder->after;
    for (size_t i = 0; i < after->gate_count; i++)
        if (after->gates[i].gate == gate->gate && strcmp(after->gates[i].name, gate->name) == 0)
            return &after->gates[i];
    for (size_t i = 0; i < after->gate_count; i++) {
        const struct mlg_gate_config *other = &after->gates[i];
        bool is_new = !is_taken[i] && other->gate == gate->gate && mlg_text_equal(other->data, gate->data);
        for (size_t k = 0; is_new && k < before->gate_count; k++)
            is_new = before->gates[k].gate != other->gate || strcmp(before->gates[k].name, other->name) != 0;
        if (is_new)
            return other;
    }
    return NULL;
}

static void tell_gone_gate(struct finder *finder, const struct mlg_gate_config *gate)
{
    size_t checks = 0;
    for (size_t i = 0; i < gate->checks.count; i++)
        checks += is_judged(gate, &gate->checks.items[i]);
    const struct site site = {.gate = gate->name,
                              .was = place_of(gate->node, finder->found->before),
                              .is = place_of(finder->after->node, finder->found->after),
                              .reasons = {finder->after->because}};
    add_sentence(finder, &site, "gate", gate->name, NULL, gate->name,
                 mlg_arena_format(finder->arena, "the gate '%s' is gone, with %zu %s", gate->name, checks,
                                  mlg_plural(checks, "check", "checks")));
}

/* Is there a check that only warns where it is inconclusive, and blocks where it fails? */
static bool any_warns(const struct mlg_gate_config *gate)
{
    for (size_t i = 0; i < gate->checks.count; i++) {
        const struct mlg_check_config *item = &gate->checks.items[i];
        if (is_judged(gate, item) && item->settings.enforce && item->settings.on_inconclusive == MLG_WARN)
            return true;
    }
    return false;
}

static void compare_gate(struct finder *finder, const struct gates *gates)
{
    const struct mlg_gate_config *before = gates->before, *after = gates->after;
    struct site site = site_of_gate(finder, gates);
    const struct pair common = {mlg_gate_params, before,       after,      before->origins,
                                after->origins,  before->node, after->node};
    const struct pair own = {after->gate->params,   before->options, after->options, before->option_origins,
                             after->option_origins, before->node,    after->node};
    if (strcmp(before->name, after->name) != 0)
        add(finder, &site,
            (struct mlg_loosening){
                .is_note = true, .key = "name", .before = before->name, .after = after->name},
            NULL);
    finder->gates = gates;
    compare_rows(finder, &site, &common, 0, MLG_GATE_SETTINGS_ROW);
    site.warns = any_warns(after);
    compare_rows(finder, &site, &own, 0, mlg_params_count(after->gate->params));
    compare_checks(finder, gates);
    finder->gates = NULL;
}

static void compare_gates(struct finder *finder)
{
    struct exchanges exchanges = {0};
    bool *is_taken = MLG_NEW_ARRAY(finder->arena, bool, finder->after->gate_count + 1);
    if (!is_taken) {
        finder->failed = true;
        return;
    }
    for (size_t i = 0; i < finder->before->gate_count && !finder->failed; i++) {
        const struct mlg_gate_config *gate = &finder->before->gates[i];
        const struct gates gates = {gate, find_gate(finder, gate, is_taken)};
        if (!gates.after) {
            tell_gone_gate(finder, gate);
            continue;
        }
        is_taken[gates.after - finder->after->gates] = true;
        compare_gate(finder, &gates);
        add_exchanges(finder, &exchanges, &gates);
    }
    for (size_t i = 0; i < exchanges.count && !finder->failed; i++)
        compare_source(finder, exchanges.items[i].before, exchanges.items[i].after);
}

/* ---- waivers ------------------------------------------------------------------------------------------- */

/* The one of the check that held the longest. */
static const struct mlg_waiver *find_waiver(const struct mlg_suite *suite, const char *check)
{
    const struct mlg_waiver *found = NULL;
    for (size_t i = 0; i < suite->waiver_count; i++) {
        const struct mlg_waiver *waiver = &suite->waivers[i];
        if (strcmp(waiver->check, check) == 0 && (!found || strcmp(waiver->expires, found->expires) > 0))
            found = waiver;
    }
    return found;
}

static void compare_waivers(struct finder *finder)
{
    const struct mlg_param *row = mlg_params_find(mlg_waiver_params, "expires");
    for (size_t i = 0; i < finder->after->waiver_count && !finder->failed; i++) {
        const struct mlg_waiver *after = &finder->after->waivers[i];
        const struct mlg_waiver *before = find_waiver(finder->before, after->check);
        const struct mlg_node *none =
            finder->before->waivers_node ? finder->before->waivers_node : finder->before->node;
        const struct site site = {.was = place_of(before ? before->node : none, finder->found->before),
                                  .is = place_of(after->node, finder->found->after),
                                  .reasons = {after->reason}};
        if (before && !is_less(row, before, after))
            continue;
        add_sentence(finder, &site, "waiver", before ? before->expires : NULL, after->expires, NULL,
                     before ? mlg_arena_format(finder->arena, "'%s' is waived until %s, was until %s",
                                               after->check, after->expires, before->expires)
                            : mlg_arena_format(finder->arena, "'%s' is waived until %s, and was not",
                                               after->check, after->expires));
    }
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static void compare_top(struct finder *finder)
{
    const struct pair pair = {mlg_suite_params,        finder->before,         finder->after,
                              finder->before->origins, finder->after->origins, finder->before->node,
                              finder->after->node};
    struct site site = {.reasons = {finder->after->because}};
    for (size_t i = 0; i < finder->after->gate_count; i++)
        site.warns = site.warns || any_warns(&finder->after->gates[i]);
    compare_rows(finder, &site, &pair, 0, MLG_SUITE_SETTINGS_ROW);
    compare_rows(finder, &site, &pair, MLG_SUITE_SETTINGS_ROW + MLG_SUITE_SETTINGS_COUNT,
                 mlg_params_count(mlg_suite_params));
}

/* A value within a sentence: long ones are cut. */
static const char *shown(const struct finder *finder, const char *value)
{
    enum { MOST = 100 };
    if (!value)
        return "not given";
    const size_t size = mlg_text_cut(value, MOST);
    if (!value[size])
        return value;
    const char *cut = mlg_arena_format(finder->arena, "%.*s…", (int)size, value);
    return cut ? cut : "…";
}

/* "accuracy: 'confidence' of 12 checks is 0.9, was 0.95" */
static void write_sentence(struct finder *finder, struct mlg_loosening *item)
{
    const struct site site = {.gate = item->gate, .data = item->data, .check = item->check};
    const char *of = item->checks > 1 ? mlg_arena_format(finder->arena, " of %zu checks", item->checks)
                                      : of_check(finder, &site);
    item->text =
        mlg_arena_format(finder->arena, "%s'%s'%s is %s, was %s%s", prefix_of(finder, &site), item->key,
                         of ? of : "", shown(finder, item->after), shown(finder, item->before),
                         item->warns ? ", and what is inconclusive only warns" : "");
    finder->failed = finder->failed || !item->text;
}

int mlg_loosened_find(const struct mlg_suite *before, const struct mlg_suite *after, struct mlg_arena *arena,
                      struct mlg_loosened *loosened, struct mlg_error *error)
{
    struct finder finder = {.before = before, .after = after, .arena = arena, .found = loosened};
    *loosened = (struct mlg_loosened){.before = before->path, .after = after->path};
    list_old_reasons(&finder);
    compare_top(&finder);
    compare_named_sources(&finder);
    compare_gates(&finder);
    compare_waivers(&finder);
    for (size_t i = 0; i < loosened->count; i++) {
        struct mlg_loosening *item = &loosened->items[i];
        if (!item->text)
            write_sentence(&finder, item);
        loosened->notes += item->is_note;
        loosened->weaker += !item->is_note;
        loosened->unexplained += !item->is_note && !item->because;
    }
    return finder.failed ? mlg_error_set(error, MLG_LIMIT, "no memory left to compare two configurations")
                         : MLG_OK;
}
