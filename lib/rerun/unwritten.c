/* unwritten: a name among `outputs` that no run wrote, held against what was written instead. */
#include "unwritten.h"

#include <string.h>

#include "mlgate/command.h"
#include "mlgate/text.h"

enum { MOST_ENTRIES = 100000, NAMES_SHOWN = 3 };

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static const char *ending(const char *path)
{
    const char *dot = strrchr(last_part(path), '.');
    return dot ? dot : "";
}

/* Which of the names may be the one that is meant: of the same file name, nearly of it, of the same ending,
 * else the first. */
static size_t choose(const char *const *names, size_t count, const char *output)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(last_part(names[i]), last_part(output)) == 0)
            return i;
    const char *near = mlg_nearest(output, names, count);
    for (size_t i = 0; i < count; i++)
        if (near ? names[i] == near : strcmp(ending(names[i]), ending(output)) == 0)
            return i;
    return 0;
}

/* Takes what is shown out of `names`. */
static void put_names(struct mlg_builder *out, const char **names, size_t count, const char *output)
{
    mlg_put(out, count > 0 ? "; it wrote " : "; it wrote nothing there");
    for (size_t shown = 0; count > 0 && shown < NAMES_SHOWN; shown++) {
        const size_t chosen = choose(names, count, output);
        const bool is_last = count == 1;
        mlg_put_format(out, "%s'%s'", shown == 0 ? "" : is_last ? " and " : ", ", names[chosen]);
        memmove(names + chosen, names + chosen + 1, (--count - chosen) * sizeof *names);
    }
    if (count > 0) {
        mlg_put(out, " and ");
        mlg_put_count(out, count);
        mlg_put(out, " more");
    }
}

const char *mlg_unwritten(const struct mlg_world *world, const char *directory, const char *output,
                          struct mlg_arena *arena)
{
    struct mlg_entries entries = {0};
    struct mlg_error ignored = {0};
    struct mlg_builder out;
    const struct mlg_runner *runner = world->runner;
    if (!runner->list ||
        runner->list(world->self, directory, MOST_ENTRIES, arena, &entries, &ignored) != MLG_OK)
        return "";
    const char **names = MLG_NEW_ARRAY(arena, const char *, entries.count + 1);
    size_t count = 0;
    for (size_t i = 0; names && i < entries.count; i++)
        if (entries.items[i].kind != MLG_ENTRY_DIRECTORY)
            names[count++] = entries.items[i].path;
    mlg_builder_init(&out, 0);
    put_names(&out, names, count, output);
    if (output[strcspn(output, "*?[")] != '\0')
        mlg_put(&out, "; 'outputs' are names and no patterns: name each file, or the directory that holds "
                      "them ('.' is all of {output})");
    const char *text = names && !out.failed ? mlg_arena_copy(arena, out.data, out.size) : NULL;
    mlg_builder_free(&out);
    return text ? text : "";
}
