/* What one configuration asks less than another one, as text, Markdown and JSON. */
#include <string.h>

#include "mlgate/loosened.h"

static const char schema[] = "mlgate-loosened/1";

/* ---- order: what has no reason, what has one, notes ---------------------------------------------------- */

enum rank { UNEXPLAINED, EXPLAINED, NOTE, RANKS };

static enum rank rank_of(const struct mlg_loosening *item)
{
    return item->is_note ? NOTE : item->because ? EXPLAINED : UNEXPLAINED;
}

/* "mlgate.yaml:9:15" */
static void put_place(struct mlg_builder *out, const struct mlg_place *place, const char *path)
{
    const char *file = place->file ? place->file : path;
    mlg_put(out, file ? file : "?");
    if (place->line)
        mlg_put_format(out, ":%lu", place->line);
    if (place->line && place->column)
        mlg_put_format(out, ":%u", place->column);
}

static const char *why_not(const struct mlg_loosening *item)
{
    return item->has_old_because ? "its 'because' stood in the file before" : "no 'because' says why";
}

/* "2 values ask for less, 1 without a 'because'; 1 note" */
static void put_summary(struct mlg_builder *out, const struct mlg_loosened *loosened)
{
    if (loosened->weaker == 0)
        mlg_put(out, "nothing asks for less");
    else
        mlg_put_format(out, "%zu %s for less, %zu of them without a 'because'", loosened->weaker,
                       mlg_plural(loosened->weaker, "thing asks", "things ask"), loosened->unexplained);
    if (loosened->notes)
        mlg_put_format(out, "; %zu %s something else", loosened->notes,
                       mlg_plural(loosened->notes, "asks for", "ask for"));
}

/* ---- text ---------------------------------------------------------------------------------------------- */

static void put_line(const struct mlg_loosened *loosened, const struct mlg_loosening *item,
                     struct mlg_builder *out)
{
    put_place(out, &item->is, loosened->after);
    mlg_put(out, item->is_note ? ": note: " : ": ");
    mlg_put(out, item->text);
    mlg_put(out, " (");
    put_place(out, &item->was, loosened->before);
    mlg_put(out, ")");
    if (item->is_note)
        return;
    mlg_put(out, item->because ? "; because: " : "; ");
    mlg_put(out, item->because ? item->because : why_not(item));
}

void mlg_loosened_put_text(const struct mlg_loosened *loosened, struct mlg_builder *out)
{
    for (int rank = 0; rank < RANKS; rank++)
        for (size_t i = 0; i < loosened->count; i++) {
            struct mlg_builder line;
            if ((int)rank_of(&loosened->items[i]) != rank)
                continue;
            mlg_builder_init(&line, 0);
            put_line(loosened, &loosened->items[i], &line);
            out->failed = out->failed || line.failed;
            mlg_put_plain(out, line.size ? line.data : "");
            mlg_put(out, "\n");
            mlg_builder_free(&line);
        }
    put_summary(out, loosened);
    mlg_put(out, "\n");
}

/* ---- Markdown ------------------------------------------------------------------------------------------ */

enum {
    CELL_CUT = 1000, /* bytes of one text */
    CLOSING = 100    /* bytes that tell what is left out */
};

static void put_cell(struct mlg_builder *out, struct mlg_builder *text)
{
    mlg_put(out, " ");
    mlg_put_markdown_cut(out, text->size ? text->data : "", CELL_CUT);
    mlg_put(out, " |");
    out->failed = out->failed || text->failed;
    mlg_builder_free(text);
}

static void put_row(const struct mlg_loosened *loosened, const struct mlg_loosening *item,
                    struct mlg_builder *out)
{
    static const char *const marks[RANKS] = {
        [UNEXPLAINED] = "**weaker, no reason**", [EXPLAINED] = "weaker", [NOTE] = "other"};
    struct mlg_builder text;
    mlg_put_format(out, "| %s |", marks[rank_of(item)]);
    mlg_builder_init(&text, 0);
    mlg_put(&text, item->text);
    put_cell(out, &text);
    mlg_builder_init(&text, 0);
    put_place(&text, &item->is, loosened->after);
    put_cell(out, &text);
    mlg_builder_init(&text, 0);
    put_place(&text, &item->was, loosened->before);
    put_cell(out, &text);
    mlg_builder_init(&text, 0);
    if (!item->is_note)
        mlg_put(&text, item->because ? item->because : why_not(item));
    put_cell(out, &text);
    mlg_put(out, "\n");
}

/* False: there is no room for the whole of it, and nothing is put out. */
static bool put_row_where_it_fits(const struct mlg_loosened *loosened, const struct mlg_loosening *item,
                                  struct mlg_builder *out)
{
    struct mlg_builder row;
    mlg_builder_init(&row, 0);
    put_row(loosened, item, &row);
    const bool fits = out->size + row.size + CLOSING <= MLG_LOOSENED_ROOM;
    if (fits)
        mlg_put_bytes(out, row.size ? row.data : "", row.size);
    out->failed = out->failed || row.failed;
    mlg_builder_free(&row);
    return fits;
}

void mlg_loosened_put_markdown(const struct mlg_loosened *loosened, struct mlg_builder *out)
{
    size_t shown = 0;
    bool has_room = true;
    mlg_put(out, "### Asked for\n\n");
    put_summary(out, loosened);
    mlg_put(out, ".\n");
    if (loosened->count == 0)
        return;
    mlg_put(out, "\n| | what | now at | before at | because |\n|---|---|---|---|---|\n");
    for (int rank = 0; rank < RANKS; rank++)
        for (size_t i = 0; i < loosened->count && has_room; i++)
            if ((int)rank_of(&loosened->items[i]) == rank) {
                has_room =
                    shown < MLG_LOOSENED_SHOWN && put_row_where_it_fits(loosened, &loosened->items[i], out);
                shown += has_room;
            }
    if (shown < loosened->count)
        mlg_put_format(out, "\n… and %zu more; `mlgate loosened` tells them all.\n", loosened->count - shown);
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

static void put_text(struct mlg_builder *out, const char *key, const char *value)
{
    mlg_put_format(out, "\"%s\": ", key);
    mlg_put_json_or_null(out, value);
}

static void put_side(struct mlg_builder *out, const char *key, const struct mlg_place *place,
                     const char *path, const char *value)
{
    mlg_put_format(out, "      \"%s\": {", key);
    put_text(out, "value", value);
    mlg_put(out, ", ");
    put_text(out, "file", place->file ? place->file : path);
    mlg_put_format(out, ", \"line\": %lu, \"column\": %u}", place->line, place->column);
}

void mlg_loosened_put_json(const struct mlg_loosened *loosened, struct mlg_builder *out)
{
    mlg_put_format(out, "{\n  \"schema\": \"%s\",\n  ", schema);
    put_text(out, "before", loosened->before);
    mlg_put(out, ",\n  ");
    put_text(out, "after", loosened->after);
    mlg_put_format(out, ",\n  \"weaker\": %zu,\n  \"unexplained\": %zu,\n  \"notes\": %zu,\n  \"changes\": [",
                   loosened->weaker, loosened->unexplained, loosened->notes);
    for (size_t i = 0; i < loosened->count; i++) {
        const struct mlg_loosening *item = &loosened->items[i];
        mlg_put_format(out, "%s\n    { \"kind\": \"%s\", ", i ? "," : "", item->is_note ? "note" : "weaker");
        put_text(out, "key", item->key);
        mlg_put(out, ", ");
        put_text(out, "gate", item->gate);
        mlg_put(out, ", ");
        put_text(out, "data", item->data);
        mlg_put(out, ", ");
        put_text(out, "check", item->checks == 1 ? item->check : NULL);
        mlg_put_format(out, ", \"checks\": %zu,\n      ", item->checks);
        put_text(out, "text", item->text);
        mlg_put(out, ",\n");
        put_side(out, "before", &item->was, loosened->before, item->before);
        mlg_put(out, ",\n");
        put_side(out, "after", &item->is, loosened->after, item->after);
        mlg_put(out, ",\n      ");
        put_text(out, "because", item->because);
        mlg_put_format(out, ", \"explained\": %s }", item->is_note || item->because ? "true" : "false");
    }
    mlg_put(out, loosened->count ? "\n  ]\n}\n" : "]\n}\n");
}
