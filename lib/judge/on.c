/* on: the slices that a check is to run on, where they are written and where no row is in them. */
#include <string.h>

#include "mlgate/run.h"

void mlg_check_on(const struct mlg_gate_config *config, const struct mlg_check_config *item,
                  struct mlg_arena *arena, struct mlg_diagnostics *list)
{
    for (size_t i = 0; i < item->settings.on.count; i++) {
        const char *name = item->settings.on.items[i];
        struct mlg_on on;
        bool found = false;
        if (mlg_on_parse(name, &on, arena))
            found = mlg_on_fits(&on, NULL);
        for (size_t s = 0; !found && s < config->slices.count; s++)
            found = mlg_on_fits(&on, &config->slices.items[s]);
        const struct mlg_node *node =
            item->settings.on.nodes && item->settings.on.nodes[i] ? item->settings.on.nodes[i] : item->node;
        if (!found && !mlg_gate_key_is_lost(config, "slices"))
            mlg_node_diagnose(
                list, MLG_ERROR, node,
                "'on' names '%s', which is not among the gate's slices; write 'all', an entry of "
                "'slices', or one of its values such as 'sex=Male'",
                name);
        for (size_t k = 0; k < i; k++)
            if (strcmp(item->settings.on.items[k], name) == 0)
                mlg_node_diagnose(list, MLG_ERROR, node, "'on' names '%s' twice", name);
    }
}

/* Does some check that can fail run on the slice? */
static bool is_reached(const struct mlg_checks *checks, const struct mlg_slicing *slicing,
                       const struct mlg_slice *slice, struct mlg_arena *arena)
{
    for (size_t c = 0; c < checks->count; c++) {
        const struct mlg_check_config *item = &checks->items[c];
        const struct mlg_texts *names = &item->settings.on;
        bool runs = names->count == 0;
        struct mlg_on on;
        for (size_t i = 0; !runs && i < names->count; i++)
            runs = mlg_on_parse(names->items[i], &on, arena) && mlg_on_covers(&on, slicing, slice->values);
        if (runs && item->check.comparator != MLG_NO_COMPARATOR)
            return true;
    }
    return false;
}

const char *mlg_unreached_slice(const struct mlg_gate_config *config, const struct mlg_scan *scan,
                                const size_t *slicings, size_t count, struct mlg_arena *arena)
{
    const char *names = "";
    size_t found = 0;
    for (size_t s = 0; s < count; s++) {
        const struct mlg_slices *slices = &scan->slicings[slicings[s]];
        for (size_t i = 0; i < slices->count; i++) {
            const struct mlg_slice *slice = &slices->items[i];
            if (!slice->declared_absent || is_reached(&config->checks, slices->slicing, slice, arena))
                continue;
            const char *name = mlg_slice_text(slice->columns, slice->values, slice->column_count,
                                              slices->slicing->is_comparison, arena);
            names = mlg_arena_format(arena, "%s%s'%s'%s", names, found++ ? " and of " : "", name ? name : "",
                                     slice->dropped ? ", whose rows miss a value and were dropped" : "");
            if (!names)
                return "no row is in a slice that 'slices' declares";
        }
    }
    return found ? mlg_arena_format(arena, "no row is of %s, which 'slices' declares", names) : NULL;
}

/* The value of a column that rows have and that comes nearest to the one asked for; NULL: none does. */
static const char *nearest_value(const struct mlg_slices *slices, size_t column, const char *value,
                                 struct mlg_arena *arena)
{
    const char **values = MLG_NEW_ARRAY(arena, const char *, slices->count + 1);
    size_t count = 0;
    for (size_t i = 0; values && i < slices->count; i++)
        if (slices->items[i].rows > 0 && slices->items[i].values[column])
            values[count++] = slices->items[i].values[column];
    return values && value ? mlg_nearest(value, values, count) : NULL;
}

/* The slice that was probably meant, else some that there are. */
static const char *hint_at_slices(const struct mlg_slices *slices, const struct mlg_on *on,
                                  struct mlg_arena *arena)
{
    enum { SHOWN = 8 };
    struct mlg_on meant = *on;
    for (size_t k = 0; k < on->column_count; k++)
        meant.values[k] = nearest_value(slices, k, on->values[k], arena);
    const char *list = "";
    size_t known = 0;
    for (size_t i = 0; i < slices->count && list; i++) {
        const struct mlg_slice *slice = &slices->items[i];
        if (slice->rows == 0)
            continue;
        const char *name = mlg_slice_text(slice->columns, slice->values, slice->column_count, false, arena);
        bool all_near = true;
        for (size_t k = 0; k < on->column_count; k++)
            all_near = all_near && meant.values[k] && slice->values[k] &&
                       strcmp(meant.values[k], slice->values[k]) == 0;
        if (name && all_near)
            return mlg_arena_format(arena, "; did you mean '%s'?", name);
        if (name && known++ < SHOWN)
            list = mlg_arena_format(arena, "%s%s'%s'", list, known > 1 ? ", " : "; slices are ", name);
    }
    if (list && known > SHOWN)
        list = mlg_arena_format(arena, "%s and %zu more", list, known - SHOWN);
    return list;
}

const char *mlg_absent_slice(const struct mlg_scan *scan, const size_t *slicings, size_t count,
                             const struct mlg_on *on, struct mlg_arena *arena)
{
    const char *name = mlg_slice_text(on->columns, on->values, on->column_count, false, arena);
    const char *hint = "";
    for (size_t s = 0; s < count; s++) {
        const struct mlg_slices *slices = &scan->slicings[slicings[s]];
        if (slices->slicing && mlg_on_fits(on, slices->slicing)) {
            hint = hint_at_slices(slices, on, arena);
            break;
        }
    }
    const char *why = name && hint ? mlg_arena_format(arena, "no row has %s%s", name, hint) : NULL;
    return why ? why : "no row is in this slice, which 'on' names";
}
