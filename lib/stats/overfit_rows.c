/* overfit_rows: rows and values that train and held-out rows share.
 *
 * Checks of the same columns share one set: both sources' rows as hashes (row_match.h), matched when the
 * first of the checks is evaluated, with one second look that confirms what is equal and names the rows. All
 * these quantities are judged on all rows together, so that no two threads evaluate them at once. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compared.h"
#include "mlgate/contrast.h"
#include "mlgate/distribution.h"
#include "overfit_private.h"
#include "row_look.h"
#include "row_match.h"

/* ---- sets ---------------------------------------------------------------------------------------- */

enum { LOOKED_HELD_OUT = 4 * MLG_PAIRS, LOOKED_TRAIN = 2 * MLG_PAIRS };

struct side {
    const struct mlg_data *data;
    struct mlg_observer observer;
    struct mlg_row_pile pile;
    const char *
        *columns; /* in the order of their names; behind them the fold's and, with labels, the label's */
};

struct row_set {
    struct row_set *next;
    struct mlg_compared *compared;
    bool has_train, is_groups;
    bool is_less;        /* as compared->is_less: the rows were looked at again */
    size_t column_count; /* with the fold, without the label */
    unsigned wants;
    bool wants_conflicts, has_clusters; /* of held-out rows */
    uint64_t seed;
    struct side held_out, train;
    unsigned char *found; /* of each kept held-out row, where it has a cluster: enum found */

    bool is_matched, is_refuted, no_memory, was_looked;
    struct mlg_row_match match;
    const char *note; /* what equality rests on, where that is not the cells */
    struct mlg_looked held_out_rows[LOOKED_HELD_OUT], train_rows[LOOKED_TRAIN];
    size_t held_out_count, train_count;
};

enum found { IN_TRAIN = 1, IS_COPY = 2 };

static int no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory to compare rows");
}

static void set_columns(struct side *side, const struct row_set *set)
{
    size_t count = mlg_compared_columns(set->compared, side->data, side->columns);
    if (side->pile.labels)
        side->columns[count++] = side->data->label;
    side->observer.column_count = side->pile.column_count = count;
}

static int observe(struct side *side, struct mlg_plan *plan, const struct mlg_data *data, struct row_set *set,
                   struct mlg_overfit_planning *planning, struct mlg_error *error)
{
    side->data = data;
    side->columns = MLG_NEW_ARRAY(planning->arena, const char *, set->compared->column_count + 2);
    if (!side->columns)
        return no_memory(error);
    side->pile = (struct mlg_row_pile){.key = mlg_hash_key_of(planning->seed),
                                       .decimal = mlg_data_decimal(data),
                                       .skips_missing = set->is_groups,
                                       .threads = planning->threads,
                                       .arena = planning->arena};
    side->observer = mlg_pile_observer(&side->pile, side->columns);
    set_columns(side, set);
    return mlg_plan_observe(plan, &side->observer, error);
}

/* The set of these columns, made where it is the first check of them. *out NULL: a plan of keys alone. */
static int plan_set(const struct mlg_call *call, bool has_train, bool is_groups,
                    struct mlg_overfit_planning *planning, struct row_set **out, struct mlg_error *error)
{
    struct mlg_compared *compared;
    *out = NULL;
    int code = mlg_compared_plan(call, planning, has_train, &compared, error);
    if (code != MLG_OK || !compared)
        return code;
    void **shared = &planning->shared[MLG_OVERFIT_ROWS];
    for (struct row_set *set = *shared; set; set = set->next)
        if (set->is_groups == is_groups && set->compared == compared) {
            *out = set;
            return MLG_OK;
        }
    struct row_set *set = MLG_NEW(planning->arena, struct row_set);
    if (!set)
        return no_memory(error);
    set->compared = compared;
    set->has_train = has_train;
    set->is_groups = is_groups;
    set->column_count = compared->column_count + compared->adds_fold;
    set->seed = planning->seed;
    set->has_clusters = !is_groups && mlg_plan_clustered(planning->held_out);
    code = observe(&set->held_out, planning->held_out, planning->held_out_data, set, planning, error);
    if (code == MLG_OK && set->has_clusters) {
        set->wants = MLG_WANTS_PLACES;
        set->held_out.pile.in_order = true;
        code = mlg_plan_keep(planning->held_out, MLG_KEEP_CLUSTER, error);
    }
    if (code == MLG_OK && has_train)
        code = observe(&set->train, planning->train, planning->train_data, set, planning, error);
    if (code != MLG_OK)
        return code;
    set->next = *shared;
    *shared = set;
    *out = set;
    return MLG_OK;
}

static int plan_rows(struct mlg_call *call, struct mlg_overfit_planning *planning, unsigned wants,
                     struct row_set **set, struct mlg_error *error)
{
    const bool has_train = planning->train && !(mlg_overfit_kernel_of(call)->needs & MLG_NEEDS_NO_TRAIN);
    const int code = plan_set(call, has_train, false, planning, set, error);
    if (*set)
        (*set)->wants |= wants;
    return code;
}

static int overlap_plan(struct mlg_call *call, struct mlg_overfit_planning *planning, void **state,
                        struct mlg_error *error)
{
    return plan_rows(call, planning, MLG_WANTS_OVERLAP, (struct row_set **)state, error);
}

static int excess_plan(struct mlg_call *call, struct mlg_overfit_planning *planning, void **state,
                       struct mlg_error *error)
{
    return plan_rows(call, planning, MLG_WANTS_OVERLAP | MLG_WANTS_TWINS, (struct row_set **)state, error);
}

static int duplicates_plan(struct mlg_call *call, struct mlg_overfit_planning *planning, void **state,
                           struct mlg_error *error)
{
    /* Of columns that both have it shares the set of overlap. */
    struct mlg_texts columns;
    int code = mlg_overfit_columns(call, planning, &columns, error);
    const bool named = call->arguments.columns.count > 0 || planning->options->features.count > 0;
    *state = NULL;
    for (struct row_set *set = planning->shared[MLG_OVERFIT_ROWS]; code == MLG_OK && set; set = set->next)
        if (!set->is_groups && !set->compared->by_fold && set->compared->is_default == !named &&
            columns.count == set->column_count) {
            size_t found = 0;
            for (size_t i = 0; i < columns.count; i++)
                for (size_t k = 0; k < set->column_count; k++)
                    found += strcmp(columns.items[i], set->held_out.columns[k]) == 0;
            if (found == columns.count)
                *state = set;
        }
    if (code == MLG_OK && !*state)
        code = plan_set(call, false, false, planning, (struct row_set **)state, error);
    if (*state)
        ((struct row_set *)*state)->wants |= MLG_WANTS_DUPLICATES;
    return code;
}

static int add_label(struct side *side, const struct row_set *set, struct mlg_plan *plan,
                     struct mlg_error *error)
{
    const char *const *names;
    const size_t count = mlg_plan_columns(plan, &names);
    size_t found = 0;
    while (found < count && strcmp(names[found], side->data->label) != 0)
        found++;
    if (found == count)
        return mlg_error_set(error, MLG_CONFIG, "'%s' has no column '%s', which is its label",
                             side->data->name, side->data->label);
    side->pile.labels = true;
    set_columns(side, set);
    return MLG_OK;
}

static int conflicts_plan(struct mlg_call *call, struct mlg_overfit_planning *planning, void **state,
                          struct mlg_error *error)
{
    const struct mlg_data *const sources[] = {planning->held_out_data, planning->train_data};
    for (size_t i = 0; i < 2; i++)
        if (sources[i] && !sources[i]->label)
            return mlg_error_set(error, MLG_CONFIG, "%s compares labels, and '%s' has no label; give %s%s",
                                 call->metric->name, sources[i]->name,
                                 mlg_data_option(sources[i], "label", "COLUMN").text,
                                 mlg_data_where(sources[i]).text);
    int code = plan_rows(call, planning, MLG_WANTS_OVERLAP, (struct row_set **)state, error);
    struct row_set *set = *state;
    if (code != MLG_OK || !set || set->wants_conflicts)
        return code;
    code = add_label(&set->held_out, set, planning->held_out, error);
    if (code == MLG_OK)
        code = add_label(&set->train, set, planning->train, error);
    set->wants_conflicts = code == MLG_OK;
    return code;
}

static int groups_plan(struct mlg_call *call, struct mlg_overfit_planning *planning, void **state,
                       struct mlg_error *error)
{
    struct mlg_call named = *call; /* its one column, as any others */
    *state = NULL;
    if (!call->arguments.column)
        return mlg_error_set(error, MLG_CONFIG, "%s takes the column of the groups, as in %s(user_id)",
                             call->metric->name, call->metric->name);
    named.arguments.columns = (struct mlg_texts){.items = &call->arguments.column, .count = 1};
    const int code = plan_set(&named, true, true, planning, (struct row_set **)state, error);
    if (*state)
        ((struct row_set *)*state)->wants |= MLG_WANTS_OVERLAP;
    return code;
}

/* ---- matching ------------------------------------------------------------------------------------ */

/* The rows that were read, once more, by the columns that are left. */
static void look_again(struct side *side, const struct row_set *set, struct mlg_overfit_view *view)
{
    if (!side->pile.ended || side->pile.failed)
        return;
    const size_t count = side->pile.count;
    uint64_t *positions = mlg_pile_positions(&side->pile);
    mlg_pile_empty(&side->pile);
    side->pile.in_order = false; /* that of the scan's kept rows stays */
    set_columns(side, set);
    if (!positions || !mlg_rows_again(view, side->data->name, &side->observer, positions, count)) {
        side->pile.ended = true;
        side->pile.failed = "cannot be read a second time, without the columns that are no part of a row; "
                            "name those that are in 'features'";
    }
    free(positions);
}

static int by_place(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static bool is_place(const struct mlg_positions *places, uint64_t position)
{
    return places->count > 0 &&
           bsearch(&position, places->items, places->count, sizeof *places->items, by_place);
}

/* What was found, row by row as the scan keeps them. */
static void keep_found(struct row_set *set)
{
    const struct mlg_row_pile *pile = &set->held_out.pile;
    set->found = MLG_NEW_ARRAY(pile->arena, unsigned char, pile->count + 1);
    for (size_t i = 0; set->found && i < pile->count; i++)
        set->found[i] =
            (unsigned char)((is_place(&set->match.overlap_places, pile->order[i]) ? IN_TRAIN : 0) |
                            (is_place(&set->match.duplicate_places, pile->order[i]) ? IS_COPY : 0));
    set->no_memory |= !set->found;
}

static void match(struct row_set *set, unsigned threads)
{
    if (set->is_matched || set->no_memory)
        return;
    set->is_matched = mlg_rows_match(&set->held_out.pile, set->has_train ? &set->train.pile : NULL,
                                     set->wants, threads, &set->match);
    set->no_memory = !set->is_matched;
    if (set->is_matched && set->has_clusters)
        keep_found(set);
}

static void want(struct mlg_looked *rows, size_t *count, uint64_t position)
{
    rows[(*count)++] = (struct mlg_looked){.position = position};
}

static void want_rows(struct row_set *set)
{
    const struct mlg_row_match *m = &set->match;
    if (set->is_groups) {
        for (size_t i = 0; i < m->most_count; i++)
            want(set->held_out_rows, &set->held_out_count, m->most[i].first);
    } else {
        for (size_t i = 0; i < m->overlap.listed && (set->wants & MLG_WANTS_OVERLAP); i++) {
            want(set->held_out_rows, &set->held_out_count, m->overlap.first[i].row);
            want(set->train_rows, &set->train_count, m->overlap.first[i].as);
        }
        for (size_t i = 0; i < m->conflicts.listed; i++) {
            want(set->held_out_rows, &set->held_out_count, m->conflicts.first[i].row);
            want(set->train_rows, &set->train_count, m->conflicts.first[i].as);
        }
        for (size_t i = 0; i < m->duplicates.listed && (set->wants & MLG_WANTS_DUPLICATES); i++) {
            want(set->held_out_rows, &set->held_out_count, m->duplicates.first[i].row);
            want(set->held_out_rows, &set->held_out_count, m->duplicates.first[i].as);
        }
    }
    set->held_out_count = mlg_looked_sort(set->held_out_rows, set->held_out_count);
    set->train_count = mlg_looked_sort(set->train_rows, set->train_count);
}

static bool look_at_side(const struct row_set *set, const struct side *side, struct mlg_looked *rows,
                         size_t count, struct mlg_confirmation *confirmation,
                         const struct mlg_positions *confirmed, struct mlg_overfit_view *view)
{
    const struct mlg_row_look look = {.view = view,
                                      .source = side->data->name,
                                      .key = side->pile.key,
                                      .decimal = side->pile.decimal,
                                      .columns = side->columns,
                                      .column_count = set->column_count,
                                      .id = side->data->id,
                                      .rows = rows,
                                      .row_count = count,
                                      .confirmation = confirmation,
                                      .confirmed = confirmed->items,
                                      .confirmed_count = confirmed->count};
    return mlg_row_look(&look);
}

/* Makes sure of what the hashes say, and finds out what the rows are called. */
static void look(struct row_set *set, struct mlg_overfit_view *view)
{
    struct mlg_row_match *m = &set->match;
    if (set->was_looked)
        return;
    set->was_looked = true;
    if (m->group_count == 0 && !m->is_partial)
        return;
    want_rows(set);
    struct mlg_confirmation *confirmation =
        m->group_count > 0 ? mlg_confirmation_new(m->groups, m->group_count, 0) : NULL;
    bool looked = look_at_side(set, &set->held_out, set->held_out_rows, set->held_out_count, confirmation,
                               &m->held_out, view);
    if (looked && set->has_train)
        looked =
            look_at_side(set, &set->train, set->train_rows, set->train_count, confirmation, &m->train, view);
    if (!looked)
        set->note = "equality rests on a 128-bit hash of each row, as the data cannot be read a second time";
    else if (m->is_partial || !confirmation || mlg_confirmation_partial(confirmation))
        set->note = "equality rests on a 128-bit hash of each row, as more rows are equal than are held to "
                    "be compared "
                    "cell by cell";
    set->is_refuted = confirmation && mlg_confirmation_refuted(confirmation);
    mlg_confirmation_free(confirmation);
    mlg_row_match_free(m);
}

/* MLG_OK: the set is matched and looked at. MLG_DATA: it cannot be, `error` says why. */
static int prepare(const struct mlg_call *call, struct row_set *set, struct mlg_overfit_view *view,
                   struct mlg_overfit_outcome *outcome, struct mlg_error *error)
{
    struct side *const sides[] = {&set->held_out, set->has_train ? &set->train : NULL};
    const int code = mlg_compared_decide(set->compared, view, error);
    if (code != MLG_OK)
        return code;
    if (set->compared->is_less && !set->is_less) {
        set->is_less = true;
        set->column_count = set->compared->column_count + set->compared->adds_fold;
        for (size_t i = 0; i < 2 && sides[i]; i++)
            look_again(sides[i], set, view);
    }
    for (size_t i = 0; i < 2 && sides[i]; i++) {
        if (!sides[i]->pile.ended)
            return mlg_error_set(error, MLG_INTERNAL, "the rows of '%s' were not seen", sides[i]->data->name);
        if (sides[i]->pile.failed)
            return mlg_error_set(error, MLG_DATA, "'%s' %s", sides[i]->data->name, sides[i]->pile.failed);
    }
    match(set, view->threads);
    if (set->no_memory)
        return mlg_error_set(error, MLG_DATA,
                             "there is no memory to match the rows of '%s'; give a sample of them",
                             set->held_out.data->name);
    look(set, view);
    if (set->is_refuted)
        return mlg_error_set(error, MLG_DATA,
                             "two rows with different cells have the same 128-bit hash; set another 'seed'");
    mlg_compared_note(set->compared, call, set->match.overlap.count == 0, view, outcome);
    mlg_overfit_note(outcome, set->note);
    return MLG_OK;
}

/* ---- what is told -------------------------------------------------------------------------------- */

/* "id 17, as line 88 of train.csv", or "line 12, as line 3" of one source; NULL: it is not known. */
static const char *pair_name(const struct row_set *set, struct mlg_row_pair pair, bool in_train,
                             struct mlg_arena *arena)
{
    const struct mlg_looked *rows = in_train ? set->train_rows : set->held_out_rows;
    const size_t count = in_train ? set->train_count : set->held_out_count;
    const char *row = mlg_looked_name(set->held_out_rows, set->held_out_count, pair.row, arena);
    const char *as = mlg_looked_name(rows, count, pair.as, arena);
    if (!row || !as)
        return NULL;
    if (in_train && strncmp(row, "id ", 3) == 0 && strcmp(row, as) == 0)
        return mlg_arena_format(arena, "%s of both", row);
    if (in_train)
        return mlg_arena_format(arena, "%s, as %s of %s", row, as, mlg_looked_file(set->train.data));
    if (strcmp(row, as) == 0) /* one id twice */
        return mlg_arena_format(arena, "line %lu, as line %lu", mlg_looked_find(rows, count, pair.row)->line,
                                mlg_looked_find(rows, count, pair.as)->line);
    return mlg_arena_format(arena, "%s, as %s", row, as);
}

static void tell_pairs(const struct row_set *set, const struct mlg_row_pairs *pairs, bool in_train,
                       struct mlg_overfit_outcome *outcome, struct mlg_arena *arena)
{
    outcome->offenders_of = pairs->count;
    for (size_t i = 0; i < pairs->listed; i++) {
        const char *text = pair_name(set, pairs->first[i], in_train, arena);
        if (text)
            outcome->offenders[outcome->offender_count++] = text;
    }
}

static const char *rows_text(uint64_t count, struct mlg_arena *arena)
{
    return mlg_arena_format(arena, "%s %s", mlg_count_text(count, arena), mlg_plural(count, "row", "rows"));
}

static void advise_overlap(const struct row_set *set, struct mlg_overfit_outcome *outcome,
                           struct mlg_arena *arena)
{
    const struct mlg_row_match *m = &set->match;
    const uint64_t twins = m->train_rows - m->singles;
    if (mlg_compared_by_chance(m->overlap.count, m->held_out_rows, twins, m->train_rows))
        outcome->advice =
            mlg_compared_no_proof(set->held_out.data, set->train.data, twins, m->train_rows, arena);
    else if (m->overlap.count > 0)
        outcome->advice = mlg_arena_format(
            arena,
            "remove from '%s' the %s that '%s' has too, or split again so that equal rows stay together",
            set->held_out.data->name, rows_text(m->overlap.count, arena), set->train.data->name);
}

/* ---- overlap, overlap_rate, duplicates, conflicting_labels ---------------------------------------- */

static void set_count(struct mlg_evidence *evidence, uint64_t count, uint64_t rows)
{
    evidence->kind = MLG_EXACT_VALUE;
    evidence->method = MLG_METHOD_EXACT;
    evidence->value = (double)count;
    evidence->n = rows;
}

/* Rows of a cluster come together: by clusters, where there are some. */
static int set_share(const struct row_set *set, enum found what, struct mlg_overfit_view *view,
                     uint64_t count, struct mlg_evidence *evidence, struct mlg_error *error)
{
    const uint64_t rows = set->match.held_out_rows;
    evidence->kind = MLG_PROPORTION;
    evidence->method = MLG_METHOD_WILSON;
    evidence->numerator = count;
    evidence->denominator = rows;
    evidence->value = (double)count / (double)rows;
    evidence->n = rows;
    if (!set->has_clusters)
        return MLG_OK;
    /* Rows count once, whatever their weight. */
    struct mlg_scan scan = *view->held_out.scan;
    struct mlg_view plain = view->held_out;
    scan.kept.weight = NULL;
    plain.scan = &scan;
    double *influence = MLG_NEW_ARRAY(view->held_out.scratch, double, rows + 1);
    if (!influence)
        return no_memory(error);
    if (scan.kept.count != rows)
        return mlg_error_set(error, MLG_INTERNAL, "the clusters of '%s' are not those of its rows",
                             set->held_out.data->name);
    for (size_t i = 0; i < rows; i++)
        influence[i] = ((set->found[i] & what ? 1 : 0) - evidence->value) / (double)rows;
    return mlg_family_clusters(&plain, influence, rows, evidence, error);
}

static void note_weights(const struct row_set *set, struct mlg_overfit_outcome *outcome)
{
    if (set->held_out.data->weight)
        mlg_overfit_note(outcome, "rows count once each, whatever their weight");
}

static int overlap_evaluate(const struct mlg_call *call, void *state, struct mlg_overfit_view *view,
                            struct mlg_evidence *evidence, struct mlg_overfit_outcome *outcome,
                            struct mlg_error *error)
{
    struct row_set *set = state;
    struct mlg_arena *arena = view->held_out.scratch;
    mlg_family_begin(call, evidence);
    const int code = prepare(call, set, view, outcome, error);
    if (code != MLG_OK)
        return code;
    const struct mlg_row_match *m = &set->match;
    if (m->held_out_rows == 0)
        return mlg_evidence_undefined(evidence, "no rows");
    int shared = MLG_OK;
    if (mlg_overfit_kernel_of(call)->exact)
        set_count(evidence, m->overlap.count, m->held_out_rows);
    else
        shared = set_share(set, IN_TRAIN, view, m->overlap.count, evidence, error);
    if (shared != MLG_OK)
        return shared;
    note_weights(set, outcome);
    tell_pairs(set, &m->overlap, true, outcome, arena);
    advise_overlap(set, outcome, arena);
    return MLG_OK;
}

static int duplicates_evaluate(const struct mlg_call *call, void *state, struct mlg_overfit_view *view,
                               struct mlg_evidence *evidence, struct mlg_overfit_outcome *outcome,
                               struct mlg_error *error)
{
    struct row_set *set = state;
    struct mlg_arena *arena = view->held_out.scratch;
    mlg_family_begin(call, evidence);
    const int code = prepare(call, set, view, outcome, error);
    if (code != MLG_OK)
        return code;
    const struct mlg_row_match *m = &set->match;
    if (m->held_out_rows == 0)
        return mlg_evidence_undefined(evidence, "no rows");
    const int shared = set_share(set, IS_COPY, view, m->duplicates.count, evidence, error);
    if (shared != MLG_OK)
        return shared;
    note_weights(set, outcome);
    tell_pairs(set, &m->duplicates, false, outcome, arena);
    if (m->duplicates.count > 0)
        outcome->advice =
            mlg_arena_format(arena, "remove the copies from '%s', %s: each weighs as many times as it occurs",
                             set->held_out.data->name, rows_text(m->duplicates.count, arena));
    return MLG_OK;
}

static int conflicts_evaluate(const struct mlg_call *call, void *state, struct mlg_overfit_view *view,
                              struct mlg_evidence *evidence, struct mlg_overfit_outcome *outcome,
                              struct mlg_error *error)
{
    struct row_set *set = state;
    struct mlg_arena *arena = view->held_out.scratch;
    mlg_family_begin(call, evidence);
    const int code = prepare(call, set, view, outcome, error);
    if (code != MLG_OK)
        return code;
    const struct mlg_row_match *m = &set->match;
    if (m->held_out_rows == 0)
        return mlg_evidence_undefined(evidence, "no rows");
    set_count(evidence, m->conflicts.count, m->held_out_rows);
    tell_pairs(set, &m->conflicts, true, outcome, arena);
    if (mlg_compared_by_chance(m->conflicts.count, m->held_out_rows, m->train_rows - m->singles,
                               m->train_rows))
        outcome->advice = mlg_compared_no_proof(set->held_out.data, set->train.data,
                                                m->train_rows - m->singles, m->train_rows, arena);
    else if (m->conflicts.count > 0)
        outcome->advice = mlg_arena_format(
            arena, "look at the labels of %s of '%s': rows of '%s' with equal columns have others",
            rows_text(m->conflicts.count, arena), set->held_out.data->name, set->train.data->name);
    return MLG_OK;
}

/* ---- excess_overlap ------------------------------------------------------------------------------ */

/* Under a split by chance a held-out row is found in train with the probability that train covers a new row.
 * The share of train rows with a twin is 1 - (rows that occur once) / n: Good and Turing's estimate of just
 * that coverage. Its error is that of Esty 1983 (Annals of Statistics 11:905), (N1 (1 - N1/n) + 2 N2) / n^2
 * with N1 rows that occur once and N2 that occur twice, made a score interval as Wilson's so that it holds
 * for small N1. Both are set against each other as independent: given train, held-out rows are drawn anew.
 * tests/oracles/excess_overlap.py measures how often that is wrong (docs/overfit-methods.md). */
struct excess {
    double found, held_out, singles, doubles, train;
    bool overstated;           /* chance is: the bound that can pass does without it */
    struct mlg_evidence share; /* of what is found, where held-out rows have clusters */
    bool has_share;
};

/* A bound of what train does not cover: (N1/n - m)^2 = z^2 (m (1 - m) / n + 2 pairs / n^2), solved for m. */
static double uncovered(const struct excess *excess, double pairs, double sign, double confidence,
                        double multiplier)
{
    const double n = excess->train * multiplier, share = excess->singles / excess->train;
    const double z = mlg_normal_quantile(confidence), z2 = z * z;
    const double a = 1 + z2 / n, b = 2 * share + z2 / n, c = share * share - z2 * 2 * pairs / n / n;
    return (b + sign * sqrt(fmax(0, b * b - 4 * a * c))) / (2 * a);
}

static int excess_bounds(const void *state, double confidence, double multiplier, double *lower,
                         double *upper)
{
    const struct excess *excess = state;
    const double share = excess->singles / excess->train, pairs = excess->doubles * multiplier;
    /* Few pairs may be few by luck: where none is seen, three may be expected (at 95 %). */
    const double low = fmax(0, fmin(share, uncovered(excess, pairs + 3, -1, confidence, multiplier)));
    const double high = fmin(1, fmax(share, uncovered(excess, pairs, 1, confidence, multiplier)));
    const struct mlg_limits chance = {1 - share, 1 - high, 1 - low};
    const struct mlg_rate rate = {excess->found * multiplier, excess->held_out * multiplier};
    struct mlg_limits found = mlg_wilson(rate, confidence);
    if (excess->has_share) {
        const struct mlg_bounds bounds =
            mlg_interval(&excess->share, confidence, MLG_METHOD_COUNT, multiplier);
        if (!bounds.known)
            return 1;
        found.lower = bounds.lower;
        found.upper = bounds.upper;
    }
    const struct mlg_limits limits = mlg_mover_difference(found, chance);
    *lower = limits.lower;
    *upper = excess->overstated ? found.upper : limits.upper;
    return 0;
}

/* Where chance explains a good part, equal columns alone cannot say which rows are copies. */
static void advise_excess(const struct row_set *set, double beyond, struct mlg_overfit_outcome *outcome,
                          struct mlg_arena *arena)
{
    const char *id = set->held_out.data->id;
    const double found = (double)set->match.overlap.count;
    const uint64_t rows = beyond > 0 && beyond < 0.9 * found ? (uint64_t)(beyond + 0.5) : 0;
    if (rows > 0)
        outcome->advice = mlg_arena_format(
            arena,
            "split again so that equal rows stay together: chance does not explain about %s of "
            "'%s'; which of them are copies, overlap(%s) tells%s",
            rows_text(rows, arena), set->held_out.data->name, id ? id : "COLUMN",
            id ? "" : " of a column that names rows");
    else
        advise_overlap(set, outcome, arena);
}

/* Of `size` rows drawn from those of a source: the share that occurs once among them, and the number of
 * different rows that occur twice, for each row. */
struct rarefied {
    double singles, doubles;
};

static struct rarefied rarefy(const struct mlg_row_times *times, double rows, double size)
{
    struct rarefied rarefied = {0, 0};
    for (size_t i = 0; i < MLG_TIMES; i++) {
        if (times->groups[i] == 0)
            continue;
        const double share = (double)times->rows[i] / rows,
                     c = (double)times->rows[i] / (double)times->groups[i];
        /* A row is drawn; of its c - 1 twins none is, or one. Beyond MLG_TIMES_APART as if each were put
         * back. */
        double none = 1, one = (c - 1) * (size - 1) / fmax(1, rows - 1);
        if (i < MLG_TIMES_APART) {
            /* each i + 1 times */
            for (size_t j = 0; j < i; j++)
                none *= fmax(0, rows - size - (double)j) / (rows - 1 - (double)j);
            for (size_t j = 0; j + 1 < i; j++)
                one *= fmax(0, rows - size - (double)j) / (rows - 2 - (double)j);
        } else {
            none = pow(fmax(0, rows - size) / (rows - 1), c - 1);
            one *= pow(fmax(0, rows - size) / (rows - 1), c - 2);
        }
        rarefied.singles += share * none;
        rarefied.doubles += share * one / 2;
    }
    return rarefied;
}

/* Has train more twins than held-out rows of the same number have? Both would have as many of them if they
 * were parts of one source, whatever was copied from one to the other. The errors are those of Esty's, at
 * most, since a part of all rows says less than all do. */
static bool has_more_twins(const struct mlg_row_match *m)
{
    const double sure = 0.95; /* to be wrong costs no more than a pass */
    const double held_out = (double)m->held_out_rows, train = (double)m->train_rows;
    const double size = fmin(held_out, train), both = held_out + train;
    const struct rarefied theirs = rarefy(&m->train_times, train, size);
    const struct rarefied ours = rarefy(&m->held_out_times, held_out, size);
    const double singles = (theirs.singles * train + ours.singles * held_out) / both;
    const double doubles = (theirs.doubles * train + ours.doubles * held_out) / both;
    const double variance = (singles * (1 - singles) + 2 * doubles) * (1 / held_out + 1 / train);
    return ours.singles - theirs.singles > mlg_normal_quantile(sure) * sqrt(fmax(0, variance)) + 1e-9;
}

/* Rows of train that were copied on purpose (oversampling) meet themselves, so that chance is overstated:
 * train has more twins than held-out rows have, or less is found in held-out rows than chance allows. What is
 * found may then all be the split's doing. */
static bool is_overstated(const struct excess *excess, const struct mlg_row_match *m)
{
    const double sure = 0.9999;
    double lower, upper;
    excess_bounds(excess, sure, 1, &lower, &upper);
    return upper < 0 || has_more_twins(m);
}

static int excess_evaluate(const struct mlg_call *call, void *state, struct mlg_overfit_view *view,
                           struct mlg_evidence *evidence, struct mlg_overfit_outcome *outcome,
                           struct mlg_error *error)
{
    struct row_set *set = state;
    struct mlg_arena *arena = view->held_out.scratch;
    struct excess *excess = MLG_NEW(arena, struct excess);
    mlg_family_begin(call, evidence);
    if (!excess)
        return no_memory(error);
    const int code = prepare(call, set, view, outcome, error);
    if (code != MLG_OK)
        return code;
    const struct mlg_row_match *m = &set->match;
    if (m->held_out_rows == 0 || m->train_rows == 0)
        return mlg_evidence_undefined(evidence, "no rows");
    *excess = (struct excess){.found = (double)m->overlap.count,
                              .held_out = (double)m->held_out_rows,
                              .singles = (double)m->singles,
                              .doubles = (double)m->doubles,
                              .train = (double)m->train_rows};
    const double rate = excess->found / excess->held_out;
    const double chance = (double)(m->train_rows - m->singles) / excess->train;
    mlg_overfit_part(outcome, "overlap_rate", rate);
    mlg_overfit_part(outcome, "chance", chance);
    evidence->kind = MLG_BOUNDS;
    evidence->method = MLG_METHOD_MOVER;
    evidence->value = rate - chance;
    evidence->n = m->held_out_rows;
    evidence->bounds = excess_bounds;
    evidence->state = excess;
    note_weights(set, outcome);
    const bool has_clusters = set->held_out.data->cluster || set->train.data->cluster;
    excess->overstated = has_clusters || is_overstated(excess, m);
    if (has_clusters)
        mlg_overfit_note(outcome,
                         "rows of a cluster have twins among themselves, which no split by clusters puts on "
                         "both sides: the upper bound is that of overlap_rate, nothing taken off");
    else if (excess->overstated)
        mlg_overfit_note(outcome,
                         "train has more copies of its own rows than a split by chance leaves (were they "
                         "oversampled?): the upper bound is that of overlap_rate, nothing taken off");
    if (set->has_clusters) {
        excess->share = *evidence;
        excess->share.minimum = 0;
        excess->share.bounds = NULL;
        excess->share.state = NULL;
        const int shared = set_share(set, IN_TRAIN, view, m->overlap.count, &excess->share, error);
        if (shared != MLG_OK)
            return shared;
        excess->has_share = true;
        if (excess->share.kind == MLG_VALUE_ONLY)
            mlg_family_bare(evidence, "%s", excess->share.reason);
    }
    tell_pairs(set, &m->overlap, true, outcome, arena);
    advise_excess(set, excess->found - chance * excess->held_out, outcome, arena);
    return MLG_OK;
}

/* ---- shared_groups ------------------------------------------------------------------------------- */

static void note_missing(const struct row_set *set, struct mlg_overfit_outcome *outcome,
                         struct mlg_arena *arena)
{
    const uint64_t held_out = set->held_out.pile.missing, train = set->train.pile.missing;
    if (held_out + train > 0)
        mlg_overfit_note(
            outcome,
            mlg_arena_format(arena, "%s of '%s' and %s of '%s' have no '%s', and are in no group",
                             rows_text(held_out, arena), set->held_out.data->name, rows_text(train, arena),
                             set->train.data->name, set->held_out.columns[0]));
}

static int groups_evaluate(const struct mlg_call *call, void *state, struct mlg_overfit_view *view,
                           struct mlg_evidence *evidence, struct mlg_overfit_outcome *outcome,
                           struct mlg_error *error)
{
    struct row_set *set = state;
    struct mlg_arena *arena = view->held_out.scratch;
    mlg_family_begin(call, evidence);
    const int code = prepare(call, set, view, outcome, error);
    if (code != MLG_OK)
        return code;
    const struct mlg_row_match *m = &set->match;
    const char *column = set->held_out.columns[0];
    if (m->held_out_rows == 0 || m->train_rows == 0)
        return mlg_evidence_undefined(
            evidence, "no row of '%s' has a value of '%s'",
            m->held_out_rows == 0 ? set->held_out.data->name : set->train.data->name, column);
    const struct side *const sides[] = {&set->held_out, &set->train};
    int missing = MLG_OK;
    for (size_t i = 0; i < 2 && missing == MLG_OK; i++)
        missing = mlg_overfit_missing(sides[i]->data, column, sides[i]->pile.missing,
                                      sides[i]->pile.missing + sides[i]->pile.count, arena, error);
    if (missing != MLG_OK)
        return missing;
    set_count(evidence, m->shared, m->held_out_rows);
    note_missing(set, outcome, arena);
    outcome->offenders_of = m->shared;
    for (size_t i = 0; i < m->most_count; i++) {
        const struct mlg_shared_value *value = &m->most[i];
        const struct mlg_looked *row = mlg_looked_find(set->held_out_rows, set->held_out_count, value->first);
        const char *text = row ? mlg_arena_format(arena, "%s=%s: %s of %s, %s of %s", column, row->cell,
                                                  rows_text(value->held_out, arena), set->held_out.data->name,
                                                  rows_text(value->train, arena), set->train.data->name)
                               : NULL;
        if (text)
            outcome->offenders[outcome->offender_count++] = text;
    }
    if (m->shared > 0)
        outcome->advice = mlg_arena_format(
            arena, "split by '%s', so that all rows of a value are in one of the two", column);
    return MLG_OK;
}

/* ---- for the question whether both are the same rows ------------------------------------------------- */

static bool has_plain_columns(const struct row_set *set)
{
    for (size_t i = 0; i < set->column_count; i++) {
        const char *column = set->held_out.columns[i];
        if (mlg_overfit_is_unnamed(column) || mlg_overfit_has_role(set->held_out.data, column) ||
            mlg_overfit_has_role(set->train.data, column))
            return false;
    }
    return true;
}

bool mlg_overfit_known_apart(void *const *shared, unsigned threads)
{
    for (struct row_set *set = shared ? shared[MLG_OVERFIT_ROWS] : NULL; set; set = set->next) {
        if (!set->has_train || set->is_groups || !has_plain_columns(set) || !set->held_out.pile.ended ||
            !set->train.pile.ended || set->held_out.pile.failed || set->train.pile.failed)
            continue;
        struct mlg_row_match found; /* nothing is to be confirmed, and nothing stays behind */
        if (mlg_rows_match(&set->held_out.pile, &set->train.pile, 0, threads, &found) &&
            2 * found.overlap.count < found.held_out_rows)
            return true;
    }
    return false;
}

/* ---- rows ---------------------------------------------------------------------------------------- */

static const char *const columns[] = {"columns", NULL}, *const column[] = {"column", NULL};

#define ROWS                                                                                                 \
    .direction = MLG_LOWER_IS_BETTER, .minimum = 0, .params = mlg_overfit_params, .arguments = columns
#define KERNEL(needs_, exact_, name_)                                                                        \
    MLG_OVERFIT_KERNEL(.needs = (needs_) | MLG_NEEDS_COLUMNS, .exact = (exact_), .within_folds = true,       \
                       .plan = name_##_plan, .evaluate = name_##_evaluate)
#define EQUAL                                                                                                \
    "rows are equal whose cells are, in whatever order of columns: numbers digit by digit however written "  \
    "(1, 1.0 and "                                                                                           \
    "1e0; 0.1 and 0.10000000000000001 are two, which near_overlap takes for one), other cells by their "     \
    "bytes, a missing one to a missing one"
#define FOLDS "; of a cross-validation (fold in both sources) within each fold"

const struct mlg_metric mlg_overfit_overlap = {
    .name = "overlap",
    .about = "how many held-out rows are in train too",
    .definition = "held-out rows equal to a row of train; " EQUAL FOLDS,
    .undefined_when = "there are no rows",
    .source = "none: counted",
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_EXACT,
    ROWS,
    KERNEL(MLG_NEEDS_TRAIN, true, overlap),
};

const struct mlg_metric mlg_overfit_overlap_rate = {
    .name = "overlap_rate",
    .about = "which share of held-out rows is in train too",
    .definition = "overlap / held-out rows",
    .undefined_when = "there are no rows",
    .source = "a proportion of held-out rows",
    .maximum = 1,
    .method = MLG_METHOD_WILSON,
    ROWS,
    KERNEL(MLG_NEEDS_TRAIN, false, overlap),
};

const struct mlg_metric mlg_overfit_duplicates = {
    .name = "duplicates",
    .about = "which share of held-out rows equals an earlier one",
    .definition = "held-out rows equal to an earlier held-out row / held-out rows; " EQUAL,
    .undefined_when = "there are no rows",
    .source = "a proportion of held-out rows",
    .maximum = 1,
    .method = MLG_METHOD_WILSON,
    ROWS,
    KERNEL(MLG_NEEDS_NO_TRAIN, false, duplicates),
};

const struct mlg_metric mlg_overfit_conflicting_labels = {
    .name = "conflicting_labels",
    .about = "how many held-out rows equal a row of train but for the label",
    .definition =
        "held-out rows equal to a row of train that has another label; a row without label conflicts with "
        "none; " EQUAL FOLDS,
    .undefined_when = "there are no rows",
    .source = "none: counted",
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_EXACT,
    ROWS,
    KERNEL(MLG_NEEDS_TRAIN, true, conflicts),
};

const struct mlg_metric mlg_overfit_excess_overlap = {
    .name = "excess_overlap",
    .about = "how much more of the held-out rows is in train than chance puts there",
    .definition =
        "overlap_rate - share of train rows that have a twin in train. With few columns of few values most "
        "rows occur in train by coincidence; a row of train meets the others as a held-out row of a fair "
        "split would, so that what is above its share is the split's doing. Where train has more twins than "
        "as many held-out rows have (were rows of it copied?), the upper bound is that of "
        "overlap_rate. " EQUAL FOLDS,
    .undefined_when = "there are no rows",
    .source = "Good and Turing's coverage (Good 1953), its error of Esty 1983 as a score interval; "
              "difference as in Zou "
              "and Donner 2008",
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = -1,
    .maximum = 1,
    .method = MLG_METHOD_MOVER,
    .params = mlg_overfit_params,
    .arguments = columns,
    KERNEL(MLG_NEEDS_TRAIN, false, excess),
};

const struct mlg_metric mlg_overfit_shared_groups = {
    .name = "shared_groups",
    .about = "how many values of a column (users, patients, sessions) have rows in both",
    .definition =
        "different values of COLUMN that a held-out row and a row of train have; numbers digit by digit "
        "however written; a missing value is no group, and more of them than max_missing allows are an "
        "error; of a cross-validation (fold in both sources) a value "
        "counts once for each fold",
    .undefined_when = "no row of one of them has a value",
    .source = "none: counted",
    .direction = MLG_LOWER_IS_BETTER,
    .minimum = 0,
    .maximum = (double)INFINITY,
    .method = MLG_METHOD_EXACT,
    .params = mlg_overfit_params,
    .arguments = column,
    .required_argument = "column",
    KERNEL(MLG_NEEDS_TRAIN, true, groups),
};
