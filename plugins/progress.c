/* progress.c: one line on a terminal while a large file is read, or a command runs, for work over a second.
 *
 * It is written over itself without escape sequences, so that every terminal can show it, and wiped away
 * before anything else is said. In a log nothing of it appears.
 */
#include <math.h>
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

/* No more than its first bytes, since a line that wraps could not be wiped away. */
static void put_short(struct mlg_builder *out, const char *text, size_t most)
{
    enum { LONGEST = 60 };
    char shown[LONGEST + 1] = "";
    most = most < LONGEST ? most : LONGEST;
    size_t size = strlen(text) < most ? strlen(text) : most;
    memcpy(shown, text, size);
    while (size > 0 && text[size] && (text[size] & 0xc0) == 0x80) /* never half a character */
        shown[--size] = '\0';
    mlg_put_plain(out, shown);
}

/* "reading test.csv: 45 %": the end of the path alone. */
static void put_line(struct mlg_builder *out, const char *path, int64_t done, int64_t total)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash && slash[1] ? slash + 1 : strcmp(path, "-") == 0 ? "standard input" : path;
    mlg_put(out, "reading ");
    put_short(out, name, 40);
    if (total > 0)
        mlg_put_format(out, ": %d %%", (int)(100.0 * (double)done / (double)total));
    else
        mlg_put_format(out, ": %lld MB", (long long)(done / 1000000));
}

/* Writes the line over what stands there. */
static void show(struct mlg_progress *progress, const struct mlg_world *world, const struct mlg_builder *line)
{
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    const char *text = line->failed || !line->data ? "" : line->data;
    const size_t width = mlg_text_width(text);
    const size_t rest = progress->width > width ? progress->width - width : 0;
    mlg_put_format(&out, "\r%s%*s", text, (int)rest, "");
    if (!out.failed)
        world->print(world->self, 2, out.data, out.size);
    progress->width = width + rest;
    mlg_builder_free(&out);
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
    struct mlg_builder line;
    mlg_builder_init(&line, 0);
    put_line(&line, path, done, total);
    show(progress, world, &line);
    mlg_builder_free(&line);
}

void mlg_progress_wait(struct mlg_progress *progress, const struct mlg_world *world, const char *about,
                       double since)
{
    if (!about) {
        wipe(progress, world);
        return;
    }
    const double seconds = world->seconds(world->self) - since;
    if (seconds < patience || !world->is_terminal(world->self, 2))
        return;
    struct mlg_builder line;
    mlg_builder_init(&line, 0);
    put_short(&line, about, 60);
    mlg_put_format(&line, ", %.0f s", floor(seconds));
    show(progress, world, &line);
    mlg_builder_free(&line);
}
