/* cache.c: results of earlier runs, for runs that would find the same.
 *
 * They lie in .mlgate/cache beside mlgate.yaml, each under the SHA-256 of all that it depends on: this
 * executable, the configuration and what was set beside it, every file that is read, and the day where
 * waivers end. An entry says the digest of itself and of a secret of this user, which lies outside of
 * whatever is checked out; one that does not is as if it were not there: nobody else can write a verdict.
 *
 * Always true: nothing here can fail a run; what could not be measured is never kept; no path is written to,
 * read or removed that is a link, and nothing is removed that has not the name of an entry.
 */
#include <stdlib.h>
#include <string.h>

#include "mlgate/command.h"
#include "mlgate/content.h"
#include "mlgate/table.h"
#include "plugins.h"

enum {
    MOST_ENTRIES = 64,
    MOST_BYTES = 64 * 1024 * 1024,
    ENTRY_BYTES = 16 * 1024 * 1024,
    LISTED = 10000,
    DIGEST = 64 /* characters */
};

static const char magic[] = "mlgate-cache/1 ";
static const char own_directory[] = ".mlgate", directory[] = ".mlgate/cache";

/* ---- is it wanted? ---------------------------------------------------------------------------------- */

/* A pipeline judges by itself: what lies in its checkout may be of those whom it is to judge. */
static bool is_wanted(const struct mlg_session *session, const struct mlg_loaded *loaded)
{
    const struct mlg_world *world = session->world;
    const char *variable = world->environment(world->self, "MLGATE_CACHE");
    if (session->gate || session->own.no_cache || !loaded->suite || !loaded->path ||
        strcmp(loaded->path, "-") == 0 || !world->runner)
        return false;
    if (variable && *variable)
        return strcmp(variable, "on") == 0;
    return !mlg_platform_is_pipeline(world);
}

/* ---- files ------------------------------------------------------------------------------------------ */

static enum mlg_entry_kind kind_of(const struct mlg_world *world, const char *path)
{
    struct mlg_entry entry;
    struct mlg_error error;
    if (!path || world->runner->look(world->self, path, &entry, &error) != MLG_OK)
        return MLG_ENTRY_OTHER;
    return entry.kind;
}

/* What a path leads to, without opening it: a pipe would take notice. */
static bool is_file(struct mlg_session *session, const char *path)
{
    const struct mlg_world *world = session->world;
    struct mlg_error error;
    const char *real = world->runner->real_path(world->self, path, &session->arena, &error);
    return real && kind_of(world, real) == MLG_ENTRY_FILE;
}

/* The file itself, or of "archive.zip//member.csv" the archive. NULL: neither is a file. */
static const char *find_file(struct mlg_session *session, const char *path)
{
    if (strcmp(path, "-") == 0)
        return NULL; /* standard input */
    if (is_file(session, path))
        return path;
    for (const char *cut = strstr(path, "//"); cut; cut = strstr(cut + 1, "//")) {
        const char *archive = mlg_arena_copy(&session->arena, path, (size_t)(cut - path));
        if (archive && *archive && is_file(session, archive))
            return archive;
    }
    return NULL;
}

/* The directories are made when something is kept. */
static bool is_safe_place(struct mlg_session *session, const struct mlg_loaded *loaded, const char *path)
{
    const struct mlg_world *world = session->world;
    const enum mlg_entry_kind outer =
                                  kind_of(world, mlg_beside(loaded->path, own_directory, &session->arena)),
                              inner = kind_of(world, mlg_beside(loaded->path, directory, &session->arena)),
                              entry = kind_of(world, path);
    return (outer == MLG_ENTRY_DIRECTORY || outer == MLG_ENTRY_MISSING) &&
           (inner == MLG_ENTRY_DIRECTORY || inner == MLG_ENTRY_MISSING) &&
           (entry == MLG_ENTRY_FILE || entry == MLG_ENTRY_MISSING);
}

/* ---- the key ---------------------------------------------------------------------------------------- */

/* Lengths stand in front, so that no two lists of texts read the same. */
static void put_item(struct mlg_builder *key, const char *name, const char *text)
{
    mlg_put_format(key, "%s %zu:", name, text ? strlen(text) : 0);
    mlg_put(key, text ? text : "");
    mlg_put(key, "\n");
}

static bool put_digest(struct mlg_session *session, struct mlg_builder *key, const char *name,
                       const char *path, char digest[DIGEST + 1])
{
    struct mlg_error error;
    uint64_t size;
    if (mlg_file_digest(session->world, path, digest, &size, &error) != MLG_OK)
        return false;
    put_item(key, name, digest);
    return true;
}

static bool put_files(struct mlg_session *session, const struct mlg_suite *suite, struct mlg_builder *key,
                      struct mlg_cache *cache)
{
    struct mlg_texts files;
    bool are_all;
    if (!mlg_suite_files(suite, session->own.only.items, session->own.only.count, &session->arena, &files,
                         &are_all) ||
        !are_all)
        return false;
    cache->digests = MLG_NEW_ARRAY(&session->arena, const char *, files.count + 1);
    for (size_t i = 0; i < files.count; i++) {
        const char *file = find_file(session, files.items[i]);
        char *digest = mlg_arena_alloc(&session->arena, DIGEST + 1, 1);
        put_item(key, "file", files.items[i]);
        if (!cache->digests || !file || !digest || !put_digest(session, key, "sha256", file, digest))
            return false;
        cache->digests[cache->digest_count++] = digest;
    }
    return cache->digests != NULL;
}

/* Waivers as they were read, and the day that they are judged by. */
static void put_waivers(const struct mlg_world *world, const struct mlg_suite *suite, struct mlg_builder *key)
{
    enum { DAY = 86400 };
    for (size_t i = 0; i < suite->waiver_count; i++) {
        const struct mlg_waiver *waiver = &suite->waivers[i];
        put_item(key, "waives", waiver->check);
        put_item(key, "reason", waiver->reason);
        put_item(key, "owner", waiver->owner);
        put_item(key, "expires", waiver->expires);
    }
    if (suite->waiver_count)
        mlg_put_format(key, "day %lld\n", (long long)(world->unix_time(world->self) / DAY));
}

/* False: not everything is known that the results depend on. */
static bool put_key(struct mlg_session *session, const struct mlg_loaded *loaded, struct mlg_builder *key,
                    struct mlg_cache *cache)
{
    const struct mlg_suite *suite = loaded->suite;
    struct mlg_map outside;
    char digest[DIGEST + 1];
    put_item(key, "version", MLG_VERSION);
    if (!put_digest(session, key, "executable", "/proc/self/exe", digest))
        return false;
    put_item(key, "path", loaded->path);
    put_item(key, "config", loaded->sha256);
    for (size_t i = 0; i < session->own.only.count; i++)
        put_item(key, "only", session->own.only.items[i]);
    if (!mlg_suite_outside(suite, session->world, &session->arena, &outside))
        return false;
    for (size_t i = 0; i < outside.count; i++) {
        put_item(key, "outside", outside.keys[i]);
        put_item(key, "value", outside.values[i]);
    }
    put_waivers(session->world, suite, key);
    return put_files(session, suite, key, cache) && !key->failed;
}

void mlg_cache_open(struct mlg_session *session, const struct mlg_loaded *loaded, struct mlg_cache *cache)
{
    struct mlg_builder key;
    char digest[DIGEST + 1];
    *cache = (struct mlg_cache){0};
    if (!is_wanted(session, loaded))
        return;
    mlg_builder_init(&key, 0);
    if (put_key(session, loaded, &key, cache)) {
        mlg_sha256(key.data, key.size, digest);
        const char *name = mlg_arena_format(&session->arena, "%s/%s.json", directory, digest);
        const char *path = name ? mlg_beside(loaded->path, name, &session->arena) : NULL;
        cache->path = path && is_safe_place(session, loaded, path) ? path : NULL;
    }
    mlg_builder_free(&key);
}

/* ---- entries ---------------------------------------------------------------------------------------- */

/* Where the user's secret lies; NULL: nowhere. */
static const char *path_of_secret(struct mlg_session *session)
{
    const struct mlg_world *world = session->world;
    const char *state = world->environment(world->self, "XDG_STATE_HOME");
    const char *home = world->environment(world->self, "HOME");
    if (state && state[0] == '/')
        return mlg_arena_format(&session->arena, "%s/mlgate/cache-secret", state);
    return home && home[0] == '/'
               ? mlg_arena_format(&session->arena, "%s/.local/state/mlgate/cache-secret", home)
               : NULL;
}

/* False: there is none. */
static bool read_secret(struct mlg_session *session, char secret[DIGEST + 1])
{
    const char *path = path_of_secret(session);
    struct mlg_error error;
    size_t size;
    const char *bytes =
        path && kind_of(session->world, path) == MLG_ENTRY_FILE
            ? mlg_world_read_file(session->world, path, DIGEST, &session->arena, &size, &error)
            : NULL;
    if (!bytes || size != DIGEST || strspn(bytes, "0123456789abcdef") < DIGEST)
        return false;
    memcpy(secret, bytes, DIGEST);
    secret[DIGEST] = '\0';
    return true;
}

static bool make_secret(struct mlg_session *session, char secret[DIGEST + 1])
{
    const struct mlg_world *world = session->world;
    const char *path = path_of_secret(session);
    unsigned char drawn[32];
    struct mlg_error error;
    bool exists, is_stream;
    if (!path || !world->random || world->random(world->self, drawn, sizeof drawn) != 0 ||
        world->prepare(world->self, path, &is_stream, &error) != MLG_OK)
        return false;
    mlg_sha256(drawn, sizeof drawn, secret);
    /* Of two that begin at once one makes it; both read what it made. */
    world->create(world->self, path, secret, DIGEST, &exists, &error);
    return read_secret(session, secret);
}

/* The name is hashed with the results: an entry that was renamed is none. So is the secret: one that somebody
 * else has made is none either. */
static void digest_entry(const char *secret, const char *path, const char *results, size_t size,
                         char digest[DIGEST + 1])
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char all[3 * DIGEST + 1];
    memcpy(all, secret, DIGEST);
    mlg_sha256(results, size, all + DIGEST);
    mlg_sha256(name, strlen(name), all + (size_t)2 * DIGEST);
    mlg_sha256(all, sizeof all - 1, digest);
}

bool mlg_cache_find(struct mlg_session *session, const struct mlg_cache *cache, struct mlg_results *results)
{
    const size_t head = sizeof magic - 1 + DIGEST + 1;
    const struct mlg_world *world = session->world;
    struct mlg_error error;
    char digest[DIGEST + 1], secret[DIGEST + 1];
    size_t size;
    if (!cache->path || !read_secret(session, secret) || kind_of(world, cache->path) != MLG_ENTRY_FILE)
        return false;
    const char *bytes = mlg_world_read_file(world, cache->path, ENTRY_BYTES, &session->arena, &size, &error);
    if (!bytes || size <= head || memcmp(bytes, magic, sizeof magic - 1) != 0)
        return false;
    digest_entry(secret, cache->path, bytes + head, size - head, digest);
    if (memcmp(bytes + sizeof magic - 1, digest, DIGEST) == 0 &&
        mlg_results_read(cache->path, bytes + head, size - head, &session->arena, results, &error) ==
            MLG_OK &&
        results->exit_code != MLG_EXIT_ERROR)
        return true;
    *results = (struct mlg_results){0};
    return false;
}

/* Were the files that the run read those of the key? */
static bool has_read_the_same(const struct mlg_cache *cache, const struct mlg_results *results)
{
    for (size_t i = 0; i < results->input_count; i++) {
        const char *digest = results->inputs[i].sha256;
        if (!digest || !mlg_text_is_among(digest, cache->digests, cache->digest_count))
            return false;
    }
    return true;
}

static bool could_measure(const struct mlg_results *results)
{
    bool has_error = results->exit_code == MLG_EXIT_ERROR || results->error_count > 0 ||
                     results->counts[MLG_VERDICT_ERROR] > 0;
    for (size_t g = 0; g < results->gate_count; g++) {
        const struct mlg_gate_result *gate = &results->gates[g];
        has_error = has_error || gate->error || gate->file_count > 0;
        for (size_t i = 0; i < gate->reported_count; i++)
            has_error = has_error || gate->reported[i].verdict == MLG_VERDICT_ERROR;
    }
    return !has_error;
}

static bool is_same_report(const struct mlg_report *report, const struct mlg_results *a,
                           const struct mlg_results *b)
{
    const struct mlg_report_options options = {.colour = false};
    struct mlg_builder one, other;
    mlg_builder_init(&one, 0);
    mlg_builder_init(&other, 0);
    report->write(a, &options, &one);
    report->write(b, &options, &other);
    const bool same = !one.failed && !other.failed && one.size == other.size &&
                      (one.size == 0 || memcmp(one.data, other.data, one.size) == 0);
    mlg_builder_free(&one);
    mlg_builder_free(&other);
    return same;
}

/* Are all reports of what will be read again those of this run? Bytes that are no UTF-8, for one, are told
 * another way by results.json. */
static bool reads_back(const struct mlg_cache *cache, const struct mlg_builder *text,
                       const struct mlg_results *results)
{
    struct mlg_arena arena;
    struct mlg_results again = {0};
    struct mlg_error error;
    mlg_arena_init(&arena, 0);
    bool same = mlg_results_read(cache->path, text->data, text->size, &arena, &again, &error) == MLG_OK;
    for (size_t i = 0; same && mlg_reports[i]; i++)
        same = is_same_report(mlg_reports[i], results, &again);
    mlg_arena_free(&arena);
    return same;
}

static bool is_name_of_entry(const char *name)
{
    return strspn(name, "0123456789abcdef") == DIGEST && strncmp(name + DIGEST, ".json", 5) == 0;
}

static int by_age(const void *a, const void *b)
{
    const struct mlg_entry *one = a, *other = b;
    return (one->modified > other->modified) - (one->modified < other->modified);
}

/* Removes the oldest entries, also what a run that was ended has left of one. */
static void trim(struct mlg_session *session, const char *path)
{
    const struct mlg_world *world = session->world;
    struct mlg_entries entries;
    struct mlg_error error;
    const size_t size = (size_t)(strrchr(path, '/') - path);
    const char *place = mlg_arena_copy(&session->arena, path, size);
    size_t count = 0;
    int64_t bytes = 0;
    if (!place ||
        world->runner->list(world->self, place, LISTED, &session->arena, &entries, &error) != MLG_OK)
        return;
    for (size_t i = 0; i < entries.count; i++) {
        const struct mlg_entry *entry = &entries.items[i];
        if (entry->kind != MLG_ENTRY_FILE || !is_name_of_entry(entry->path) ||
            strcmp(entry->path, path + size + 1) == 0)
            continue;
        bytes += entry->size;
        entries.items[count++] = *entry;
    }
    if (count)
        qsort(entries.items, count, sizeof *entries.items, by_age);
    for (size_t i = 0; i < count && (count - i >= MOST_ENTRIES || bytes > MOST_BYTES - ENTRY_BYTES); i++) {
        const char *old = mlg_arena_format(&session->arena, "%s/%s", place, entries.items[i].path);
        if (old)
            world->remove(world->self, old, &error);
        bytes -= entries.items[i].size;
    }
}

/* So that git takes no notice of the directory. */
static void hide(struct mlg_session *session, const char *path)
{
    static const char all[] = "*\n";
    const size_t rest = strlen(strrchr(path, '/')) + sizeof directory - 1;
    const char *name = mlg_arena_format(&session->arena, "%.*s%s/.gitignore", (int)(strlen(path) - rest),
                                        path, own_directory);
    struct mlg_error error;
    bool exists;
    if (name)
        session->world->create(session->world->self, name, all, sizeof all - 1, &exists, &error);
}

void mlg_cache_keep(struct mlg_session *session, const struct mlg_cache *cache,
                    const struct mlg_results *results)
{
    const struct mlg_world *world = session->world;
    struct mlg_builder text, entry;
    struct mlg_error error;
    char digest[DIGEST + 1], secret[DIGEST + 1];
    bool is_stream;
    if (!cache->path || !could_measure(results) || !has_read_the_same(cache, results) ||
        (!read_secret(session, secret) && !make_secret(session, secret)))
        return;
    mlg_builder_init(&text, ENTRY_BYTES);
    mlg_builder_init(&entry, ENTRY_BYTES);
    mlg_results_write(results, &text);
    if (!text.failed) {
        digest_entry(secret, cache->path, text.data, text.size, digest);
        mlg_put_format(&entry, "%s%s\n", magic, digest);
        mlg_put_bytes(&entry, text.data, text.size);
    }
    if (!text.failed && !entry.failed && reads_back(cache, &text, results) &&
        world->prepare(world->self, cache->path, &is_stream, &error) == MLG_OK && !is_stream) {
        hide(session, cache->path);
        if (world->write(world->self, cache->path, entry.data, entry.size, &error) == MLG_OK)
            trim(session, cache->path);
    }
    mlg_builder_free(&text);
    mlg_builder_free(&entry);
}
