/* flags.c: command lines, read along the parameter rows. */
#include <string.h>

#include "plugins.h"

const char *mlg_flag_of(const struct mlg_param *row, struct mlg_arena *arena)
{
    /* A list is given one by one, and the path is what the data are on a command line. */
    if (strcmp(row->name, "checks") == 0)
        return "--check";
    if (strcmp(row->name, "reports") == 0)
        return "--report";
    if (row->offset == offsetof(struct mlg_data, path) && strcmp(row->name, "path") == 0)
        return "--data";
    char *flag = mlg_arena_format(arena, "--%s", row->name);
    for (char *c = flag; c && *c; c++)
        if (*c == '_')
            *c = '-';
    return flag;
}

const char *mlg_variable_of(const struct mlg_param *row, struct mlg_arena *arena)
{
    char *name = mlg_arena_format(arena, "MLGATE_%s", row->name);
    for (char *c = name; c && *c; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    return name;
}

static struct mlg_option *find_option(const struct mlg_options *options, const char *flag, size_t size)
{
    for (size_t i = 0; i < options->count; i++)
        if (strlen(options->items[i].flag) == size && memcmp(options->items[i].flag, flag, size) == 0)
            return &options->items[i];
    return NULL;
}

void mlg_options_add(struct mlg_options *options, const struct mlg_param *rows, const void *defaults,
                     bool own, const char *const *skip)
{
    for (const struct mlg_param *row = rows; row && row->name; row++) {
        const char *flag = mlg_flag_of(row, options->arena);
        if (row->not_a_flag || !flag || mlg_text_is_listed(row->name, skip) ||
            find_option(options, flag, strlen(flag)))
            continue;
        struct mlg_option *items = mlg_arena_grow(options->arena, options->items, &options->capacity,
                                                  options->count + 1, sizeof *items);
        if (!items)
            return;
        options->items = items;
        items[options->count++] =
            (struct mlg_option){.flag = flag, .row = row, .defaults = defaults, .own = own};
    }
}

static void mistake(struct mlg_diagnostics *list, const char *what, const char *word, const char *then)
{
    mlg_diagnose(list, MLG_ERROR, (struct mlg_place){0}, 0, NULL, "%s '%s'%s", what, word, then);
}

static void tell_unknown(const struct mlg_options *options, const char *word, size_t size,
                         struct mlg_diagnostics *list)
{
    enum { MOST = 128 };
    const char *flags[MOST];
    size_t count = 0;
    for (; count < options->count && count < MOST - 1; count++)
        flags[count] = options->items[count].flag;
    flags[count++] = "--help";
    char *flag = mlg_arena_copy(options->arena, word, size);
    const char *near = flag ? mlg_nearest(flag, flags, count) : NULL;
    char *then = near ? mlg_arena_format(options->arena, "; did you mean '%s'?", near) : NULL;
    mistake(list, "unknown flag", flag ? flag : word, then ? then : "; --help shows all");
}

static void add_stray(struct mlg_options *options, const char *word)
{
    const char **strays = mlg_arena_grow(options->arena, options->strays, &options->stray_capacity,
                                         options->stray_count + 1, sizeof *strays);
    if (!strays)
        return;
    options->strays = strays;
    strays[options->stray_count++] = word;
}

static bool add_value(const struct mlg_options *options, struct mlg_option *option, const char *value,
                      size_t limit)
{
    struct mlg_node *node = MLG_NEW(options->arena, struct mlg_node);
    const struct mlg_node **nodes =
        mlg_arena_grow(options->arena, option->nodes, &option->capacity, option->count + 1, sizeof *nodes);
    if (!node || !nodes || option->count >= limit)
        return false;
    *node = (struct mlg_node){.type = MLG_NODE_SCALAR,
                              .text = value,
                              .size = strlen(value),
                              .origin = {.type = MLG_FROM_FLAG, .name = option->flag}};
    option->nodes = nodes;
    nodes[option->count++] = node;
    return true;
}

static bool is_flag(const char *word)
{
    return word[0] == '-' && word[1] == '-' && word[2] != '\0';
}

/* Reads the flag at words[*index] and its value, which may be the next word. */
static bool read_flag(struct mlg_options *options, const char *const *words, size_t count, size_t *index,
                      struct mlg_diagnostics *list)
{
    enum { MOST_VALUES = 10000 };
    const char *word = words[*index];
    size_t size = strcspn(word, "=");
    struct mlg_option *option = find_option(options, word, size);
    const char *next = *index + 1 < count ? words[*index + 1] : NULL;
    if (!option) {
        tell_unknown(options, word, size, list);
        /* Its value is no mistake of its own. */
        if (word[size] == '=')
            add_stray(options, word + size + 1);
        else if (next && next[0] != '-')
            add_stray(options, words[++*index]);
        return false;
    }
    const char *value;
    bool boolean = option->row->kind == &mlg_kind_boolean;
    if (word[size] == '=') {
        value = word + size + 1;
    } else if (boolean && !(next && (strcmp(next, "true") == 0 || strcmp(next, "false") == 0))) {
        value = "true"; /* a switch */
    } else if (next && !is_flag(next)) {
        value = next;
        ++*index;
    } else {
        char *then = mlg_arena_format(options->arena, " has no value; write %s %s", option->flag,
                                      option->row->argument ? option->row->argument : "VALUE");
        mistake(list, "flag", option->flag, then ? then : " has no value");
        return false;
    }
    if (option->count > 0 && !option->row->kind->repeats) {
        mistake(list, "flag", option->flag, " is given more than once; it takes one value");
        return false;
    }
    if (!add_value(options, option, value, MOST_VALUES)) {
        mistake(list, "flag", option->flag, " is given too often");
        return false;
    }
    return true;
}

bool mlg_options_parse(struct mlg_options *options, const char *const *words, size_t count,
                       const char **arguments, size_t argument_limit, size_t *argument_count,
                       struct mlg_diagnostics *list)
{
    bool good = true, flags_end = false;
    const struct mlg_option *last = NULL; /* whose value was just read */
    *argument_count = 0;
    for (size_t i = 0; i < count; i++) {
        const char *word = words[i];
        if (!flags_end && strcmp(word, "--") == 0) {
            flags_end = true;
        } else if (!flags_end && is_flag(word)) {
            good &= read_flag(options, words, count, &i, list);
            last = find_option(options, word, strcspn(word, "="));
        } else if (!flags_end && word[0] == '-' && word[1] != '\0') {
            mistake(list, "unknown flag", word, "; flags have two dashes and their whole name");
            good = false;
        } else if (*argument_count < argument_limit) {
            arguments[(*argument_count)++] = word;
        } else {
            add_stray(options, word);
            static const char usual[] = "; values belong to a flag, as in --flag VALUE";
            const bool repeats = !flags_end && last && last->row->kind->repeats;
            char *then = repeats ? mlg_arena_format(options->arena, "%s; for several values repeat it: %s %s",
                                                    usual, last->flag, word)
                                 : NULL;
            mistake(list, "unexpected argument", word, then ? then : usual);
            good = false;
        }
    }
    return good;
}

const struct mlg_node *mlg_option_node(const struct mlg_option *option, struct mlg_arena *arena)
{
    if (option->count <= 1)
        return option->count ? option->nodes[0] : NULL;
    struct mlg_node *list = MLG_NEW(arena, struct mlg_node);
    struct mlg_node_entry *entries = MLG_NEW_ARRAY(arena, struct mlg_node_entry, option->count);
    if (!list || !entries)
        return option->nodes[0];
    for (size_t i = 0; i < option->count; i++)
        entries[i].value = option->nodes[i];
    *list = (struct mlg_node){.type = MLG_NODE_LIST,
                              .entries = entries,
                              .count = option->count,
                              .origin = option->nodes[0]->origin};
    return list;
}
