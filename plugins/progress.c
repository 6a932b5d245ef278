/* progress.c: one line on a terminal while a large file is read, for work over a second.
 *
 * It is written over itself without escape sequences, so that every terminal can show it, and wiped away
 * before anything else is said. In a log nothing of it appears.
 */
#include <string.h>

#include "plugins.h"

static const double patience = 1, pause = 0.1; /* seconds */

static void wipe(struct mlg_progress *progress, const struct mlg_world *world)
{
    struct mlg_builder out;
    if (progress->width == 0)
        return;
    mlg_builder_init(&out, 0);
    mlg_put_format(&out, "\r%*s\r", (int)progress->width, "");
    world->print(world->self, 2, out.data, out.size);
    mlg_builder_free(&out);
    progress->width = 0;
}

/* "reading test.csv: 45 %": the end of the path alone, since a line that wraps could not be wiped away. */
static void put_line(struct mlg_builder *out, const char *path, int64_t done, int64_t total)
{
    enum { MOST = 40 };
    const char *slash = strrchr(path, '/');
    const char *name = slash && slash[1] ? slash + 1 : strcmp(path, "-") == 0 ? "standard input" : path;
    char shown[MOST + 1] = "";
    size_t size = strlen(name) < MOST ? strlen(name) : MOST;
    memcpy(shown, name, size);
    while (size > 0 && name[size] && (name[size] & 0xc0) == 0x80) /* never half a character */
        shown[--size] = '\0';
    mlg_put(out, "reading ");
    mlg_put_plain(out, shown);
    if (total > 0)
        mlg_put_format(out, ": %d %%", (int)(100.0 * (double)done / (double)total));
    else
        mlg_put_format(out, ": %lld MB", (long long)(done / 1000000));
}

void mlg_progress_tell(struct mlg_progress *progress, const struct mlg_world *world, const char *path,
                       int64_t done, int64_t total)
{
    if (!path) {
        wipe(progress, world);
        return;
    }
    const double now = world->seconds(world->self);
    if (!progress->has_begun) {
        progress->has_begun = true;
        progress->is_seen = world->is_terminal(world->self, 2);
        progress->next = now + patience;
    }
    if (!progress->is_seen || now < progress->next)
        return;
    progress->next = now + pause;
    struct mlg_builder line, out;
    mlg_builder_init(&line, 0);
    mlg_builder_init(&out, 0);
    put_line(&line, path, done, total);
    const size_t width = line.failed ? 0 : mlg_text_width(line.data);
    const size_t rest = progress->width > width ? progress->width - width : 0;
    mlg_put_format(&out, "\r%s%*s", line.failed ? "" : line.data, (int)rest, "");
    if (!out.failed)
        world->print(world->self, 2, out.data, out.size);
    progress->width = width + rest;
    mlg_builder_free(&line);
    mlg_builder_free(&out);
}
