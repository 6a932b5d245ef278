/* Any bytes as mlgate.yaml: no mistake of ours, and a suite that loads expands to YAML that loads to the
 * same suite. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/gate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

/* A gate with a row of every plain kind. */
struct options {
    const char *text;
    bool boolean;
    int64_t integer;
    double number, share;
    int choice;
    struct mlg_texts texts;
    struct mlg_map map;
    struct mlg_column_or_map column_or_map;
};
static const char *const choices[] = {"first", "second", NULL};
static const struct mlg_param params[] = {
    {.name = "text", MLG_FIELD(struct options, text, text)},
    {.name = "boolean", MLG_FIELD(struct options, boolean, boolean)},
    {.name = "integer", MLG_FIELD(struct options, integer, integer), .minimum = -5, .maximum = 5},
    {.name = "number", MLG_FIELD(struct options, number, number)},
    {.name = "share", MLG_FIELD(struct options, share, share)},
    {.name = "choice", MLG_FIELD(struct options, choice, choice), .choices = choices},
    {.name = "texts", MLG_FIELD(struct options, texts, texts)},
    {.name = "map", MLG_FIELD(struct options, map, map)},
    {.name = "column_or_map", MLG_FIELD(struct options, column_or_map, column_or_map)},
    {0}};
static const struct options defaults = {.share = 0.05};
static const struct mlg_gate with_options = {
    .name = "accuracy", .params = params, .options_size = sizeof(struct options), .defaults = &defaults};
static const struct mlg_gate without_options = {.name = "plain"};
static const struct mlg_gate *const gates[] = {&with_options, &without_options, NULL};

static const struct mlg_suite *load(const char *bytes, size_t size, struct mlg_arena *arena,
                                    struct mlg_diagnostics *list)
{
    const struct mlg_node *root;
    const struct mlg_suite *suite;

    mlg_diagnostics_init(list, arena);
    root = mlg_yaml_parse("mlgate.yaml", bytes, size, arena, list);
    if (!root) {
        const struct mlg_node *sections = mlg_yaml_sections("mlgate.yaml", bytes, size, arena);
        demand(!sections || sections->type == MLG_NODE_MAP);
        root = mlg_yaml_salvage("mlgate.yaml", bytes, size, arena);
    }
    suite = root ? mlg_suite_load(root, "mlgate.yaml", gates, NULL, NULL, 0, arena, list) : NULL;
    demand((suite != NULL) == (list->errors == 0));
    for (size_t i = 0; i < list->count; i++) {
        const struct mlg_diagnostic *told = &list->items[i];
        demand(told->text[0] != '\0');
        demand(!told->quote || (told->place.column >= 1 && told->place.column <= strlen(told->quote) + 1));
    }
    return suite;
}

/* The expansion without the origins, which end every line. */
static char *expand(const struct mlg_suite *suite, char **whole)
{
    struct mlg_builder out;
    char *bare, *to;

    mlg_builder_init(&out, 0);
    mlg_suite_expand(suite, &out);
    demand(!out.failed);
    bare = to = malloc(out.size + 1);
    demand(bare != NULL);
    for (const char *line = out.data; *line;) {
        const char *end = strchr(line, '\n'), *comment = end;
        demand(end != NULL);
        while (comment > line && strncmp(comment, "  # ", 4) != 0)
            comment--;
        memcpy(to, line, (size_t)(comment - line));
        to += comment - line;
        *to++ = '\n';
        line = end + 1;
    }
    *to = '\0';
    *whole = out.data;
    return bare;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mlg_arena arena;
    struct mlg_diagnostics list;
    const struct mlg_suite *suite;

    mlg_arena_init(&arena, 256 << 20);
    suite = load((const char *)data, size, &arena, &list);
    if (suite) {
        char *whole, *again;
        char *first = expand(suite, &whole), *second;
        if (strlen(whole) <= MLG_YAML_SIZE) {
            suite = load(whole, strlen(whole), &arena, &list);
            demand(suite != NULL);
            second = expand(suite, &again);
            demand(strcmp(first, second) == 0);
            free(second);
            free(again);
        }
        free(first);
        free(whole);
    }
    mlg_arena_free(&arena);
    return 0;
}
