/* same_rows: are held-out rows rows of train?
 *
 * Columns are matched by their role, or by their name where they have none. Rows are compared without what
 * the model answers, so that scores that were written otherwise change nothing, where columns without a role
 * are there to tell rows apart; else, or where they do not, with it. Files are looked at again; of what
 * cannot be read twice all hashes stay from the first time. */
#include <stdlib.h>
#include <string.h>

#include "overfit_private.h"
#include "row_look.h"
#include "row_match.h"

enum {
    LOOKED_ROWS = 200000, /* of both, which are always looked at again: about a tenth of a second */
    /* So many different ones, and a tenth of all, two samples do not have alike, by chance or by strata ...
     */
    TELLING_ROWS = 32,
    TELLING_SHARE = 10,
    FEW_ROWS = 8, /* ... nor fewer, if no two of a sample are equal */
};

struct key {
    bool is_telling;    /* more than labels and predictions: these a good model has alike everywhere */
    bool has_described; /* columns without a role */
    size_t count;
    struct one {
        const char **columns;
        struct mlg_observer observer;
        struct mlg_row_pile pile;
    } held_out, train;
};

enum { DESCRIBED, ANSWERED, BY_ID, KEYS };

struct mlg_same_rows {
    const struct mlg_data *held_out, *train;
    bool is_observed;
    bool has_one_fold; /* rows of one may stand in the other, in another fold: nobody knows */
    struct key keys[KEYS];
};

/* ---- plan ---------------------------------------------------------------------------------------- */

static void add(struct key *key, const char *held_out, const char *train)
{
    if (!held_out || !train)
        return;
    key->held_out.columns[key->count] = held_out;
    key->train.columns[key->count++] = train;
}

static bool is_score(const struct mlg_data *data, const char *column)
{
    return data->score_prefix && strncmp(column, data->score_prefix, strlen(data->score_prefix)) == 0;
}

/* The score columns of the same classes. */
static void add_scores(struct key *key, const struct mlg_data *held_out, const struct mlg_data *train,
                       const char *const *names, size_t count, const char *const *others, size_t other_count)
{
    const size_t before = key->count;
    add(key, held_out->score.column, train->score.column);
    for (size_t i = 0; i < held_out->score.map.count; i++)
        for (size_t k = 0; k < train->score.map.count; k++)
            if (strcmp(held_out->score.map.keys[i], train->score.map.keys[k]) == 0)
                add(key, held_out->score.map.values[i], train->score.map.values[k]);
    for (size_t i = 0; i < count; i++)
        if (is_score(held_out, names[i]) && is_score(train, names[i]) &&
            mlg_text_is_among(names[i], others, other_count))
            add(key, names[i], names[i]);
    key->is_telling |= key->count > before;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool describe(struct mlg_same_rows *same, const struct mlg_overfit_planning *planning)
{
    const char *const *names, *const *others;
    const size_t count = mlg_plan_columns(planning->held_out, &names);
    const size_t other_count = mlg_plan_columns(planning->train, &others);
    const struct mlg_data *held_out = same->held_out, *train = same->train;
    const char **common = MLG_NEW_ARRAY(planning->arena, const char *, count + 1);
    size_t common_count = 0;
    bool memory = common;
    for (size_t i = 0; memory && i < KEYS; i++) {
        enum { ROLES = 8 };
        const size_t room = 2 * count + ROLES + held_out->score.map.count + 1;
        same->keys[i].held_out.columns = MLG_NEW_ARRAY(planning->arena, const char *, room);
        same->keys[i].train.columns = MLG_NEW_ARRAY(planning->arena, const char *, room);
        memory = same->keys[i].held_out.columns && same->keys[i].train.columns;
    }
    if (!memory)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!mlg_overfit_has_role(held_out, names[i]) && !mlg_overfit_has_role(train, names[i]) &&
            !mlg_overfit_is_unnamed(names[i]) && mlg_text_is_among(names[i], others, other_count))
            common[common_count++] = names[i];
    qsort(common, common_count, sizeof *common, by_text);
    for (size_t i = DESCRIBED; i <= ANSWERED; i++) {
        struct key *key = &same->keys[i];
        for (size_t k = 0; k < common_count; k++)
            add(key, common[k], common[k]);
        key->has_described = common_count > 0;
        add(key, held_out->id, train->id);
        key->is_telling = key->count > 0;
        add(key, held_out->label, train->label);
        add(key, held_out->time, train->time);
        add(key, held_out->cluster, train->cluster);
        add(key, held_out->query, train->query);
        add(key, held_out->fold, train->fold);
    }
    add(&same->keys[ANSWERED], held_out->prediction, train->prediction);
    add_scores(&same->keys[ANSWERED], held_out, train, names, count, others, other_count);
    same->has_one_fold = !held_out->fold != !train->fold;
    if (held_out->id && train->id && held_out->label && train->label && !same->has_one_fold) {
        add(&same->keys[BY_ID], held_out->id, train->id);
        add(&same->keys[BY_ID], held_out->fold, train->fold);
        add(&same->keys[BY_ID], held_out->label, train->label);
    }
    return true;
}

static void prepare(struct one *one, const struct key *key, const struct mlg_data *data, bool labels,
                    const struct mlg_overfit_planning *planning)
{
    one->pile = (struct mlg_row_pile){.key = mlg_hash_key_of(planning->seed),
                                      .decimal = mlg_data_decimal(data),
                                      .labels = labels,
                                      .column_count = key->count,
                                      .threads = planning->threads,
                                      .arena = planning->arena};
    one->observer = mlg_pile_observer(&one->pile, one->columns);
    one->observer.takes_nested = true;
}

int mlg_same_rows_plan(struct mlg_overfit_planning *planning, bool again, struct mlg_same_rows **out,
                       struct mlg_error *error)
{
    struct mlg_same_rows *same = MLG_NEW(planning->arena, struct mlg_same_rows);
    *out = same;
    if (same) {
        same->held_out = planning->held_out_data;
        same->train = planning->train_data;
        same->is_observed = !again;
    }
    if (!same || !describe(same, planning))
        return mlg_error_set(error, MLG_LIMIT, "no memory to compare rows");
    int code = MLG_OK;
    for (size_t i = 0; i < KEYS && code == MLG_OK; i++) {
        struct key *key = &same->keys[i];
        prepare(&key->held_out, key, same->held_out, i == BY_ID, planning);
        prepare(&key->train, key, same->train, i == BY_ID, planning);
        if (key->count == 0 || (again && i != BY_ID) || (i == DESCRIBED && !key->has_described))
            continue;
        code = mlg_plan_observe(planning->held_out, &key->held_out.observer, error);
        if (code == MLG_OK)
            code = mlg_plan_observe(planning->train, &key->train.observer, error);
    }
    return code;
}

/* ---- what is found ------------------------------------------------------------------------------- */

/* Do both label as many rows with each class? What has no classes may. */
static bool same_labels(const struct mlg_scan *a, const struct mlg_scan *b)
{
    if (a->classes.count == 0 || b->classes.count == 0)
        return true;
    for (size_t i = 0; i < a->classes.count; i++) {
        const int64_t found = mlg_class_find(&b->classes, a->classes.names[i]);
        if (a->classes.label_rows[i] != (found < 0 ? 0 : b->classes.label_rows[found]))
            return false;
    }
    return true;
}

/* The same rows, as often: the sums of their hashes are the same. */
static bool have_one_sum(const struct mlg_row_pile *a, const struct mlg_row_pile *b)
{
    uint64_t sum = 0, other = 0;
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        sum += a->words[i * a->stride] ^ (a->words[i * a->stride + 1] * UINT64_C(0x9e3779b97f4a7c15));
        other += b->words[i * b->stride] ^ (b->words[i * b->stride + 1] * UINT64_C(0x9e3779b97f4a7c15));
    }
    return sum == other;
}

static bool see(struct one *one, const char *source, struct mlg_overfit_view *view)
{
    return (one->pile.ended || mlg_rows_again(view, source, &one->observer, NULL, 0)) && one->pile.ended &&
           !one->pile.failed;
}

static bool match(struct mlg_same_rows *same, struct key *key, struct mlg_overfit_view *view,
                  struct mlg_row_match *found)
{
    /* Nothing is to be confirmed, and nothing stays behind. */
    return see(&key->held_out, same->held_out->name, view) && see(&key->train, same->train->name, view) &&
           mlg_rows_match(&key->held_out.pile, &key->train.pile, 0, view->threads, found) &&
           found->held_out_rows > 0 && found->train_rows > 0;
}

/* 95 %: there are hardly any twins, so that chance finds none. */
static bool is_most(uint64_t part, uint64_t all)
{
    return 20 * part >= 19 * all;
}

static void find_by_columns(struct mlg_same_rows *same, struct mlg_overfit_view *view,
                            struct mlg_same_found *found)
{
    for (size_t i = DESCRIBED; i <= ANSWERED && !found->same; i++) {
        struct key *key = &same->keys[i];
        struct mlg_row_match m;
        /* Without classes labels and predictions are numbers. */
        const bool is_telling = key->is_telling || view->held_out.scan->classes.count == 0;
        if (!is_telling || key->count == 0 || (i == DESCRIBED && !key->has_described) ||
            !match(same, key, view, &m))
            continue;
        const uint64_t distinct = m.held_out_rows - m.duplicates.count;
        const bool tells_apart = (distinct >= TELLING_ROWS && distinct * TELLING_SHARE >= m.held_out_rows) ||
                                 (distinct == m.held_out_rows && distinct >= FEW_ROWS);
        if (tells_apart && have_one_sum(&key->held_out.pile, &key->train.pile))
            found->same = "rows";
        else if (!found->by && !same->has_one_fold && distinct >= FEW_ROWS &&
                 is_most(distinct, m.held_out_rows) && is_most(m.singles, m.train_rows) &&
                 2 * m.overlap.count >= m.held_out_rows) {
            found->in_train = m.overlap.count;
            found->rows = m.held_out_rows;
            found->by = i == DESCRIBED ? "equal in all columns but the answers" : "equal in all columns";
        }
    }
}

/* How probable two rows, one of each, have different labels. */
static double other_label(const struct mlg_scan *a, const struct mlg_scan *b)
{
    double same = 0, rows = 0, others = 0;
    for (size_t i = 0; i < a->classes.count; i++)
        rows += (double)a->classes.label_rows[i];
    for (size_t i = 0; i < b->classes.count; i++)
        others += (double)b->classes.label_rows[i];
    for (size_t i = 0; i < a->classes.count; i++) {
        const int64_t found = mlg_class_find(&b->classes, a->classes.names[i]);
        if (found >= 0)
            same += (double)a->classes.label_rows[i] / rows * (double)b->classes.label_rows[found] / others;
    }
    return 1 - same;
}

/* Ids that count the rows of each file are those of other rows: their labels say so. */
static void find_by_id(struct mlg_same_rows *same, struct mlg_overfit_view *view,
                       struct mlg_same_found *found)
{
    enum { SURE = 5 };
    struct mlg_row_match m;
    if (same->keys[BY_ID].count == 0 || !match(same, &same->keys[BY_ID], view, &m) || m.overlap.count == 0)
        return;
    const double known = (double)m.overlap.count;
    if (known * other_label(view->held_out.scan, view->train.scan) < SURE ||
        !is_most(m.overlap.count - m.conflicts.count, m.overlap.count))
        return;
    found->in_train = m.overlap.count;
    found->rows = m.held_out_rows;
    found->by = mlg_arena_format(view->held_out.scratch, "by '%s', with the same label", same->held_out->id);
}

void mlg_same_rows_find(struct mlg_same_rows *same, void *const *shared, struct mlg_overfit_view *view,
                        struct mlg_same_found *found)
{
    const struct mlg_scan *held_out = view->held_out.scan, *train = view->train.scan;
    *found = (struct mlg_same_found){0};
    if (held_out->summary.content[0] && strcmp(held_out->summary.content, train->summary.content) == 0) {
        found->same = "content";
        return;
    }
    if (same->is_observed || held_out->rows + train->rows <= LOOKED_ROWS ||
        (held_out->rows == train->rows && same_labels(held_out, train) &&
         !mlg_overfit_known_apart(shared, view->threads)))
        find_by_columns(same, view, found);
    if (!found->same)
        find_by_id(same, view, found);
}
