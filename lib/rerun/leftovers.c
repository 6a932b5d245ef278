/* leftovers.c: what earlier runs left outside of their own directories, and whether a later one took it from
 * there. */
#include "leftovers.h"

#include <string.h>

#include "mlgate/content.h"
#include "mlgate/text.h"
#include "texts.h"

enum {
    MOST_SEEN = 5000,     /* entries that are looked at whatever has changed */
    MOST_CHANGED = 20000, /* and where more did */
    MOST_WATCHED = 4096,  /* files */
    TELLING = 64,         /* bytes; what is shorter may be equal by chance */
    TELLING_NAME = 3      /* bytes of a path, from which on it is no chance that they stand in a text */
};
/* Bytes that are digested before a run since they may be an output's. */
static const uint64_t most_digested = (uint64_t)1 << 30;

static int no_memory(struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory for what runs left");
}

bool mlg_earlier_add(struct mlg_earlier *earlier, const struct mlg_rerun_run *run, struct mlg_arena *arena)
{
    const struct mlg_rerun_run **runs =
        mlg_arena_grow(arena, (void *)earlier->runs, &earlier->capacity, earlier->count + 1, sizeof *runs);
    if (!runs)
        return false;
    earlier->runs = runs;
    runs[earlier->count++] = run;
    return true;
}

/* ---- where ------------------------------------------------------------------------------------------- */

enum where {
    WHERE_SHARED, /* for temporary files of everybody */
    WHERE_BASE,   /* that of mlgate.yaml, or 'workdir' */
    WHERE_HOME,   /* of the user, not of the run */
    WHERE_NAMED,  /* by the command, or of an absolute input */
    WHERE_SCRIPT, /* by what the command reads alone: others may be at work there */
    WHERE_RUN,    /* of daemons, and of who is logged in */
    WHERE_COUNT
};

/* A directory, as it is called and where it lies. */
struct place {
    const char *called, *real;
    enum where where;
    const struct mlg_named_directory *itself; /* named by the command, with all in it; NULL: not so */
};

enum { MOST_PLACES = 9 + MLG_MOST_NAMED };

struct places {
    struct place items[MOST_PLACES];
    size_t count;
    const char *beside; /* the directory in which that of the runs was made */
};

static void add_place(const struct mlg_leftovers_of *of, const char *called, enum where where,
                      struct places *places, struct mlg_arena *arena)
{
    struct mlg_error ignored = {0};
    const char *real = called && called[0] == '/'
                           ? of->world->runner->real_path(of->world->self, called, arena, &ignored)
                           : NULL;
    if (real && real[1] && places->count < MOST_PLACES) /* not all of the disk */
        places->items[places->count++] = (struct place){called, real, where, NULL};
}

/* Beside those that are there already. */
static void add_named(const struct mlg_leftovers_of *of, struct places *places)
{
    const struct mlg_named *named = of->earlier->named;
    const size_t known = places->count;
    for (size_t i = 0; named && i < named->directory_count; i++) {
        const struct mlg_named_directory *one = &named->directories[i];
        bool is_known = places->count == MOST_PLACES || mlg_path_is_below(one->real, of->root);
        for (size_t k = 0; k < known; k++)
            is_known |= mlg_path_is_below(one->real, places->items[k].real);
        if (!is_known)
            places->items[places->count++] =
                (struct place){one->called, one->real, one->is_of_script ? WHERE_SCRIPT : WHERE_NAMED,
                               one->is_itself ? one : NULL};
    }
}

static int find_places(const struct mlg_leftovers_of *of, struct mlg_arena *arena, struct places *places,
                       struct mlg_error *error)
{
    const struct mlg_world *world = of->world;
    const char *slash = strrchr(of->root, '/'), *workdir = of->order->workdir;
    *places = (struct places){
        .beside = mlg_arena_copy(arena, of->root, slash > of->root ? (size_t)(slash - of->root) : 1)};
    if (workdir && workdir[0] != '/')
        workdir = mlg_arena_format(arena, "%s/%s", of->base, workdir);
    if (!places->beside || (of->order->workdir && !workdir))
        return no_memory(error);
    add_place(of, "/tmp", WHERE_SHARED, places, arena);
    add_place(of, "/var/tmp", WHERE_SHARED, places, arena);
    add_place(of, places->beside, WHERE_SHARED, places, arena);
    add_place(of, of->base, WHERE_BASE, places, arena);
    add_place(of, of->order->base, WHERE_BASE, places, arena);
    add_place(of, workdir, WHERE_BASE, places, arena);
    add_place(of, world->environment ? world->environment(world->self, "HOME") : NULL, WHERE_HOME, places,
              arena);
    add_place(of, "/run", WHERE_RUN, places, arena);
    add_place(of, "/var/run", WHERE_RUN, places, arena);
    add_named(of, places);
    return MLG_OK;
}

/* Those of one kind; of two in each other the outer one. */
static void choose_outer(const struct places *places, enum where where,
                         const char *directories[MOST_PLACES + 1])
{
    size_t count = 0;
    for (size_t i = 0; i < places->count; i++) {
        bool is_known = places->items[i].where != where;
        for (size_t k = 0; k < count && !is_known; k++)
            is_known = mlg_path_is_below(places->items[i].real, directories[k]);
        if (!is_known)
            directories[count++] = places->items[i].real;
    }
    directories[count] = NULL;
}

/* ---- finding ----------------------------------------------------------------------------------------- */

/* The last run that had begun when the file changed; 0: none. */
static unsigned run_of(const struct mlg_leftovers_of *of, const struct mlg_entry *file)
{
    unsigned number = file->changed > of->begun ? 1 : 0;
    for (size_t i = 0; i < of->earlier->count; i++)
        if (of->earlier->runs[i]->began <= file->changed)
            number = of->earlier->runs[i]->number;
    return number;
}

/* The sizes of what earlier runs wrote, where they tell something. */
static uint64_t *list_sizes(const struct mlg_leftovers_of *of, struct mlg_arena *arena, size_t *count)
{
    const size_t each = of->order->outputs.count;
    uint64_t *sizes = MLG_NEW_ARRAY(arena, uint64_t, of->earlier->count * each + 1);
    *count = 0;
    for (size_t r = 0; sizes && r < of->earlier->count; r++)
        for (size_t i = 0; of->earlier->runs[r]->outputs && i < each; i++) {
            const struct mlg_rerun_file *output = &of->earlier->runs[r]->outputs[i];
            bool is_known = !output->sha256[0] || output->size < TELLING;
            for (size_t k = 0; k < *count && !is_known; k++)
                is_known = sizes[k] == output->size;
            if (!is_known)
                sizes[(*count)++] = output->size;
        }
    return sizes;
}

/* The output that has this content; NULL: none. */
static const char *output_with(const struct mlg_leftovers_of *of, const char *sha256)
{
    for (size_t r = 0; r < of->earlier->count; r++)
        for (size_t i = 0; of->earlier->runs[r]->outputs && i < of->order->outputs.count; i++)
            if (strcmp(of->earlier->runs[r]->outputs[i].sha256, sha256) == 0)
                return of->order->outputs.items[i];
    return NULL;
}

static bool is_among(const uint64_t *sizes, size_t count, int64_t size)
{
    for (size_t i = 0; i < count; i++)
        if (sizes[i] == (uint64_t)size)
            return true;
    return false;
}

/* The digest of a file, which is read once for all runs unless it changes; "": it cannot be had. Fails for
 * want of memory alone. */
static int digest_once(const struct mlg_leftovers_of *of, const struct mlg_entry *file, uint64_t *digested,
                       struct mlg_leftovers *leftovers, struct mlg_arena *arena, const char **sha256,
                       struct mlg_error *error)
{
    struct mlg_earlier *earlier = of->earlier;
    struct mlg_error ignored = {0};
    uint64_t size = 0;
    *sha256 = "";
    for (size_t i = 0; i < earlier->digested_count; i++)
        if (strcmp(earlier->digested[i].path, file->path) == 0 &&
            mlg_input_looks_the_same(&earlier->digested[i].seen, file)) {
            *sha256 = earlier->digested[i].sha256;
            return MLG_OK;
        }
    *digested += (uint64_t)file->size;
    if (*digested > most_digested && *digested > (uint64_t)file->size) {
        leftovers->unseen = "there are too many files as large as an output to compare them";
        return MLG_OK;
    }
    struct mlg_input_file *files = mlg_arena_grow(arena, earlier->digested, &earlier->digested_capacity,
                                                  earlier->digested_count + 1, sizeof *files);
    if (!files)
        return no_memory(error);
    earlier->digested = files;
    struct mlg_input_file *one = &files[earlier->digested_count];
    *one = (struct mlg_input_file){.path = file->path, .seen = *file};
    if (mlg_file_digest(of->world, file->path, one->sha256, &size, &ignored) != MLG_OK)
        return MLG_OK;
    earlier->digested_count++;
    *sha256 = one->sha256;
    return MLG_OK;
}

/* What was found, to be chosen from. */
struct finding {
    struct mlg_search search;
    struct mlg_entries found;
    uint64_t digested;
};

static bool is_chosen(const struct mlg_leftovers *leftovers, size_t count, const char *path)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(leftovers->paths[i], path) == 0)
            return true;
    return false;
}

/* Python writes it for itself, for PYTHONPYCACHEPREFIX anywhere. */
static bool is_compiled(const char *path)
{
    static const char ending[] = ".pyc";
    const size_t size = strlen(path);
    return mlg_path_is_compiled(path) ||
           (size >= sizeof ending && strcmp(path + size - (sizeof ending - 1), ending) == 0);
}

/* Which of what was found is to be watched. */
static int choose(const struct mlg_leftovers_of *of, struct finding *finding, struct mlg_arena *arena,
                  struct mlg_leftovers *leftovers, struct mlg_error *error)
{
    const size_t before = leftovers->count;
    for (size_t i = 0; i < finding->found.count; i++) {
        const struct mlg_entry *file = &finding->found.items[i];
        struct mlg_leftover one = {.path = file->path, .run = run_of(of, file)};
        const char *sha256 = "";
        if (is_compiled(file->path) || is_chosen(leftovers, before, file->path))
            continue;
        if (is_among(finding->search.sizes, finding->search.size_count, file->size)) {
            const int code = digest_once(of, file, &finding->digested, leftovers, arena, &sha256, error);
            if (code != MLG_OK)
                return code;
            one.output = sha256[0] ? output_with(of, sha256) : NULL;
        }
        if (!one.output && one.run == 0)
            continue;
        if (leftovers->count == MOST_WATCHED) {
            leftovers->is_cut = true;
            break;
        }
        leftovers->paths[leftovers->count] = file->path;
        leftovers->items[leftovers->count++] = one;
    }
    return MLG_OK;
}

/* Why it is not known whether a run read what lies there; NULL: no memory. */
static const char *tell_unseen(enum where where, const char *directory, struct mlg_arena *arena)
{
    return where == WHERE_HOME   ? "more files changed meanwhile in HOME than are looked at"
           : where == WHERE_BASE ? "more files changed meanwhile beside mlgate.yaml than are looked at"
                                 : mlg_arena_format(arena,
                                                    "more files changed below '%s' meanwhile than are "
                                                    "looked at; let what the command keeps there lie below "
                                                    "{output}, HOME or TMPDIR, which are empty in each run",
                                                    directory);
}

/* Where not all of a place is looked at, what the command names in it is, all the same. */
static int find_named(const struct mlg_leftovers_of *of, struct finding *finding, struct mlg_arena *arena,
                      struct mlg_leftovers *leftovers, struct mlg_error *error)
{
    const struct mlg_named *named = of->earlier->named;
    const struct mlg_world *world = of->world;
    struct mlg_error ignored = {0};
    struct mlg_entry files[MLG_MOST_PATHS] = {0};
    const char *directories[MLG_MOST_PATHS + 1];
    size_t count = 0;
    bool is_cut = false;
    finding->found = (struct mlg_entries){.items = files};
    for (size_t i = 0; i < named->path_count; i++) {
        struct mlg_entry *entry = &files[finding->found.count];
        const char *real = world->runner->real_path(world->self, named->paths[i], arena, &ignored);
        if (!real || world->runner->look(world->self, real, entry, &ignored) != MLG_OK)
            continue;
        entry->path = real;
        finding->found.count += entry->kind == MLG_ENTRY_FILE && entry->size > 0;
        if (entry->kind == MLG_ENTRY_DIRECTORY && real[1] && i < named->own_path_count)
            directories[count++] = real;
    }
    directories[count] = NULL;
    finding->search.directories = directories;
    int code = choose(of, finding, arena, leftovers, error);
    if (code == MLG_OK && count > 0)
        code = world->runner->search(world->self, &finding->search, arena, &finding->found, &is_cut, error);
    if (code == MLG_OK && count > 0)
        code = choose(of, finding, arena, leftovers, error);
    if (is_cut && !leftovers->unseen)
        leftovers->unseen = tell_unseen(WHERE_NAMED, directories[0], arena);
    return code;
}

/* Of files that the command names those of which nothing else is known. */
static void add_named_files(const struct mlg_named *named, struct mlg_leftovers *leftovers)
{
    const size_t before = leftovers->count;
    for (size_t i = 0; i < named->file_count; i++)
        if (!is_chosen(leftovers, before, named->files[i])) {
            leftovers->paths[leftovers->count] = named->files[i];
            leftovers->items[leftovers->count++] =
                (struct mlg_leftover){.path = named->files[i], .is_named = true};
        }
}

static int find_in_places(const struct mlg_leftovers_of *of, const struct places *places,
                          struct mlg_arena *arena, struct mlg_leftovers *leftovers, struct mlg_error *error)
{
    const struct mlg_runner *runner = of->world->runner;
    const char *git = mlg_arena_format(arena, "%s/.git", of->base);
    const char *const left_out[] = {of->root, git, NULL}, *const elsewhere[] = {of->root, git, of->base,
                                                                                NULL};
    struct finding finding = {.search = {.since = of->begun, .limit = MOST_SEEN, .most = MOST_CHANGED}};
    int code = MLG_OK;
    finding.search.sizes = list_sizes(of, arena, &finding.search.size_count);
    if (!git || !finding.search.sizes)
        return no_memory(error);
    for (enum where where = 0; code == MLG_OK && where < WHERE_COUNT; where++) {
        const char *directories[MOST_PLACES + 1];
        bool is_cut = false;
        choose_outer(places, where, directories);
        finding.search.directories = directories;
        finding.search.left_out = where == WHERE_SHARED || where == WHERE_BASE ? left_out : elsewhere;
        if (directories[0])
            code = runner->search(of->world->self, &finding.search, arena, &finding.found, &is_cut, error);
        else
            finding.found.count = 0;
        if (code == MLG_OK)
            code = choose(of, &finding, arena, leftovers, error);
        leftovers->is_cut = leftovers->is_cut || (is_cut && where == WHERE_SHARED);
        if (is_cut && where != WHERE_SHARED && !leftovers->unseen)
            leftovers->unseen = tell_unseen(where, directories[0], arena);
    }
    return code == MLG_OK ? find_named(of, &finding, arena, leftovers, error) : code;
}

int mlg_leftovers_find(const struct mlg_leftovers_of *of, struct mlg_arena *arena,
                       struct mlg_leftovers *leftovers, struct mlg_error *error)
{
    struct places places;
    *leftovers = (struct mlg_leftovers){.count = 0};
    if (!of->world->runner->search)
        return MLG_OK;
    if (!of->earlier->named)
        of->earlier->named = mlg_named_find(of, arena);
    leftovers->items = MLG_NEW_ARRAY(arena, struct mlg_leftover, MOST_WATCHED + MLG_MOST_NAMED + 1);
    leftovers->paths = MLG_NEW_ARRAY(arena, const char *, MOST_WATCHED + MLG_MOST_NAMED + 1);
    if (!of->earlier->named || !leftovers->items || !leftovers->paths)
        return no_memory(error);
    int code = MLG_OK;
    if (of->earlier->count > 0) {
        code = find_places(of, arena, &places, error);
        if (code == MLG_OK)
            code = find_in_places(of, &places, arena, leftovers, error);
    }
    add_named_files(of->earlier->named, leftovers);
    return code;
}

/* ---- whose ------------------------------------------------------------------------------------------- */

/* What stands in the texts of a command about a path. */
struct naming {
    const char *path;   /* of the file */
    const char *called; /* the directory, as the command would call it */
    enum where where;
    const char *rest;     /* of `path`, behind where that lies, with '/' in front */
    size_t common;        /* bytes of `rest` that say nothing: all of the project lies there */
    const char *parts[2]; /* the first part behind these bytes, and the last */
    size_t sizes[2];
    bool is_named;    /* as a path, or its beginning */
    bool is_begun;    /* a text goes on with something else behind the directory: the name is put together */
    bool has_part[2]; /* stands somewhere */
};

static bool is_of_name(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '_' || byte == '-' || byte == '.';
}

static const char *find_bytes(const char *text, const char *end, const char *bytes, size_t size)
{
    for (; (size_t)(end - text) >= size; text++) {
        text = memchr(text, bytes[0], (size_t)(end - text) - size + 1);
        if (!text)
            return NULL;
        if (memcmp(text, bytes, size) == 0)
            return text;
    }
    return NULL;
}

/* Does a path begin there, and is it not the end of another? */
static bool begins_there(const char *at, const char *text)
{
    const char before = at > text ? at[-1] : ' ';
    const bool is_default = before == '-' && at > text + 1 && at[-2] == ':'; /* "${x:-/srv}" */
    return (!is_of_name(before) || is_default) && before != '}' && before != ')' && before != '~';
}

/* The directory, and then as much of the rest of the path as stands there. */
static void look_for_path(struct naming *naming, const char *text, const char *end)
{
    const size_t size = strlen(naming->called);
    for (const char *at = text; (at = find_bytes(at, end, naming->called, size)); at += size) {
        if (!begins_there(at, text))
            continue;
        const char *next = at + size, *rest = naming->rest;
        size_t whole = 0; /* of `rest`, up to the end of a part */
        while (next < end && *rest && *next == *rest) {
            next++;
            rest++;
            if (*rest == '/' && (next == end || !is_of_name(*next)))
                whole = (size_t)(rest - naming->rest);
        }
        const bool goes_on = next < end && is_of_name(*next);
        const size_t equal = (size_t)(rest - naming->rest);
        const bool is_long = equal >= naming->common + 1 + TELLING_NAME;
        /* Of what others change there, too, more than a directory that holds it beside other things. */
        const bool is_passed = naming->where == WHERE_SHARED || (!goes_on && equal <= whole + 1);
        naming->is_named |= (is_passed && whole > naming->common) || (!goes_on && (is_long || !*rest));
        naming->is_begun |= !goes_on && equal <= naming->common + TELLING_NAME;
    }
}

static void look_for_part(struct naming *naming, size_t which, const char *text, const char *end)
{
    const char *part = naming->parts[which];
    const size_t size = naming->sizes[which];
    bool *has_it = &naming->has_part[which];
    if (size < TELLING_NAME)
        return;
    for (const char *at = text; !*has_it && (at = find_bytes(at, end, part, size)); at += size)
        *has_it = (at == text || !is_of_name(at[-1])) && (at + size == end || !is_of_name(at[size]));
}

/* The last part says little in what is only read, or lies beside that: many files are called data.csv. Where
 * others may be at work in the directory, both parts are needed. */
static bool look_at(struct naming *naming, const char *text, size_t size, bool is_own)
{
    const bool is_of_script = naming->where == WHERE_SCRIPT;
    look_for_path(naming, text, text + size);
    look_for_part(naming, 0, text, text + size);
    if (is_own || is_of_script)
        look_for_part(naming, 1, text, text + size);
    const bool has_first = naming->has_part[0], has_last = naming->has_part[1];
    return naming->is_named ||
           (naming->is_begun && (is_of_script ? has_first && has_last : has_first || (is_own && has_last)));
}

/* Bytes of `rest` that lead to the directory `known`, too. */
static size_t common_with(const struct naming *naming, const char *known)
{
    size_t common = 0;
    for (const char *slash = strchr(naming->rest + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        const size_t size = (size_t)(slash - naming->path);
        if (strncmp(naming->path, known, size) != 0 || (known[size] != '/' && known[size] != '\0'))
            break;
        common = (size_t)(slash - naming->rest);
    }
    return common;
}

/* ".local" and ".cache" hold what every program keeps. */
static size_t hidden_part(const char *rest)
{
    const size_t size = 1 + strcspn(rest + 1, "/");
    return rest[1] == '.' && rest[size] ? size : 0;
}

static struct naming begin_naming(const struct mlg_leftovers_of *of, const struct places *places,
                                  const struct place *place, const char *path)
{
    struct naming naming = {
        .path = path, .called = place->called, .where = place->where, .rest = path + strlen(place->real)};
    const size_t base = common_with(&naming, of->base), beside = common_with(&naming, places->beside);
    const size_t hidden = place->where == WHERE_HOME ? hidden_part(naming.rest) : 0;
    naming.common = base > beside ? base : beside;
    naming.common = hidden > naming.common ? hidden : naming.common;
    naming.parts[0] = naming.rest + naming.common + 1;
    naming.sizes[0] = strcspn(naming.parts[0], "/");
    naming.parts[1] = strrchr(path, '/') + 1;
    naming.sizes[1] = strlen(naming.parts[1]);
    return naming;
}

/* Does the text begin with the whole path of something below the directory of `size` bytes? */
static bool is_below_by_name(const struct mlg_leftovers_of *of, const char *text, size_t length, size_t size)
{
    return length > size + 1 && text[size] == '/' && is_of_name(text[size + 1]) &&
           mlg_named_has(of->earlier->named, text, length);
}

/* The directory for temporary files that a text names, and more there than the project, the runs and what is
 * looked at for its own sake; NULL: none. */
static const char *find_used(const struct mlg_leftovers_of *of, const struct places *places, const char *text,
                             size_t length)
{
    const char *end = text + length;
    for (size_t i = 0; i < places->count; i++) {
        const char *called = places->items[i].where == WHERE_SHARED ? places->items[i].called : NULL;
        const size_t size = called ? strlen(called) : 0;
        for (const char *at = text; called && (at = find_bytes(at, end, called, size)); at += size) {
            const size_t rest = (size_t)(end - at), base = strlen(of->base), root = strlen(of->root);
            if (begins_there(at, text) && (rest == size || !is_of_name(at[size])) &&
                !(rest >= base && memcmp(at, of->base, base) == 0) &&
                !(rest >= root && memcmp(at, of->root, root) == 0) && !is_below_by_name(of, at, rest, size))
                return called;
        }
    }
    return NULL;
}

/* What is still there is not of a compiler, say, which soon removes what it reads. */
static bool is_kept(const struct mlg_leftovers_of *of, const char *path)
{
    struct mlg_entry entry = {0};
    struct mlg_error ignored = {0};
    return of->world->runner->look(of->world->self, path, &entry, &ignored) == MLG_OK &&
           entry.kind == MLG_ENTRY_FILE;
}

enum claim {
    CLAIM_NONE,
    CLAIM_PERHAPS, /* the command puts names together in that directory */
    CLAIM_NAMED
};

/* Does the path lie in a place within that one, too? */
static bool lies_further_in(const struct places *places, const struct place *place, const char *path)
{
    bool is_further = false;
    for (size_t i = 0; i < places->count; i++) {
        const char *real = places->items[i].real;
        is_further |= strlen(real) > strlen(place->real) && mlg_path_is_below(real, place->real) &&
                      mlg_path_is_below(path, real);
    }
    return is_further;
}

static enum claim find_claim(const struct mlg_leftovers_of *of, const struct places *places,
                             const struct mlg_known_texts *texts, const char *path)
{
    enum claim claim = CLAIM_NONE;
    for (size_t i = 0; i < places->count; i++) {
        const struct place *place = &places->items[i];
        if (!mlg_path_is_below(path, place->real))
            continue;
        const char *below = path + strlen(place->real);
        if (place->itself && (!*below || mlg_named_is_new(place->itself, below + 1)))
            return CLAIM_NAMED;
        const bool is_near = !lies_further_in(places, place, path);
        if (place->where == WHERE_SCRIPT && !is_near)
            continue;
        if (place->itself || (is_near && (place->where == WHERE_NAMED || place->where == WHERE_SCRIPT)))
            claim = CLAIM_PERHAPS; /* beside what is named: few others are at work there */
        struct naming naming = begin_naming(of, places, place, path);
        for (size_t k = 0; k < texts->count; k++) {
            if (look_at(&naming, texts->items[k].bytes, texts->items[k].size, k < texts->own))
                return CLAIM_NAMED;
            if (k + 1 == texts->own && naming.is_begun)
                claim = CLAIM_PERHAPS;
        }
    }
    return claim == CLAIM_PERHAPS && !is_kept(of, path) ? CLAIM_NONE : claim;
}

/* The program itself, or a variable that says where programs lie? */
static bool is_for_programs(const struct mlg_command_order *command, const char *text)
{
    bool is_one = text == command->arguments[0];
    for (const char *const *one = command->environment; *one && !is_one; one++)
        is_one = text == *one && mlg_named_is_of_programs(text);
    return is_one;
}

/* Where more changed than is looked at, others may have been at work: it matters to a command that names what
 * lies there. */
static int tell_cut(const struct mlg_leftovers_of *of, const struct mlg_command_order *command,
                    struct mlg_arena *arena, const char **doubt, struct mlg_error *error)
{
    struct places places;
    struct mlg_known_texts texts = {.count = 0};
    const int code = find_places(of, arena, &places, error);
    if (code != MLG_OK || !mlg_texts_add_own(of, command, of->earlier->named, &texts, arena))
        return code != MLG_OK ? code : no_memory(error);
    for (size_t i = 0; i < texts.count && !*doubt; i++) {
        const struct mlg_command_text *text = &texts.items[i];
        const bool is_of_programs = is_for_programs(command, text->bytes);
        const char *used = is_of_programs ? NULL : find_used(of, &places, text->bytes, text->size);
        if (used)
            *doubt = tell_unseen(WHERE_SHARED, used, arena);
    }
    return MLG_OK;
}

/* Elsewhere what started the gate, such as the runner of a pipeline, keeps and reads its own files. */
static bool is_shared(const struct places *places, const char *path)
{
    for (size_t i = 0; i < places->count; i++)
        if (places->items[i].where == WHERE_SHARED && mlg_path_is_below(path, places->items[i].real))
            return true;
    return false;
}

/* Does the file lie in another project, whose own gate reads what it has? Two checkouts of one project have
 * files of one content. */
static bool is_of_another_project(const struct mlg_leftovers_of *of, const struct places *places,
                                  const char *path, struct mlg_arena *arena)
{
    const struct mlg_world *world = of->world;
    struct mlg_error ignored = {0};
    struct mlg_entry entry;
    for (const char *slash = strrchr(path, '/'); slash && slash > path;) {
        const char *directory = mlg_arena_copy(arena, path, (size_t)(slash - path));
        const char *config = directory ? mlg_arena_format(arena, "%s/mlgate.yaml", directory) : NULL;
        bool is_root = false;
        for (size_t i = 0; directory && i < places->count; i++)
            is_root |= strcmp(places->items[i].real, directory) == 0;
        if (!config || is_root || mlg_path_is_below(of->base, directory))
            return false;
        if (world->runner->look(world->self, config, &entry, &ignored) == MLG_OK &&
            entry.kind == MLG_ENTRY_FILE)
            return true;
        do
            slash--;
        while (slash > path && *slash != '/');
    }
    return false;
}

/* False: no memory. */
static bool add_already(struct mlg_rerun_run *run, const char *path, struct mlg_arena *arena)
{
    if (!run->already.items)
        run->already.items = MLG_NEW_ARRAY(arena, const char *, MLG_MOST_NAMED);
    if (run->already.items && run->already.count < MLG_MOST_NAMED)
        run->already.items[run->already.count++] = path;
    return run->already.items;
}

int mlg_leftovers_check(const struct mlg_leftovers_of *of, const struct mlg_leftovers *leftovers,
                        const struct mlg_command_order *command, struct mlg_rerun_run *run,
                        struct mlg_arena *arena, struct mlg_error *error)
{
    static const char remedy[] = "it may only copy what it finds there";
    static const char places_for_it[] = "{output}, HOME or TMPDIR, which are empty in each run";
    struct places places;
    struct mlg_known_texts texts = {.count = 0};
    const struct mlg_command_outcome *outcome = &run->outcome;
    const char **doubt = &run->unseen;
    const unsigned number = run->number;
    const struct mlg_leftover *first = NULL;
    const struct mlg_runner *runner = of->world->runner;
    bool is_sure = false; /* nobody else can have read it */
    int code = outcome->was_read ? find_places(of, arena, &places, error) : MLG_OK;
    for (size_t i = 0; code == MLG_OK && outcome->was_read && i < leftovers->count && !first; i++) {
        const struct mlg_leftover *one = &leftovers->items[i];
        if (!outcome->was_read[i])
            continue;
        if (one->original) {
            run->original = run->original ? run->original : one->original;
            run->original_count++;
            continue;
        }
        if (one->is_named) {
            code = add_already(run, one->path, arena) ? MLG_OK : no_memory(error);
            continue;
        }
        const bool is_known = one->output && !is_of_another_project(of, &places, one->path, arena);
        if (!is_known && texts.count == 0) {
            is_sure = runner->is_alone && runner->is_alone(of->world->self);
            code = mlg_texts_add_own(of, command, of->earlier->named, &texts, arena) &&
                           mlg_texts_add_files(of, &texts, arena)
                       ? MLG_OK
                       : no_memory(error);
        }
        const enum claim claim = is_known || (is_sure && is_shared(&places, one->path))
                                     ? CLAIM_NAMED
                                     : find_claim(of, &places, &texts, one->path);
        if (claim == CLAIM_NAMED)
            first = one;
        else if (claim == CLAIM_PERHAPS && !*doubt && !is_of_another_project(of, &places, one->path, arena))
            *doubt = mlg_arena_format(arena,
                                      "'%s' came or changed meanwhile, and was read in this run, by it or by "
                                      "another process",
                                      one->path);
    }
    if (code == MLG_OK && !first && leftovers->is_cut && !*doubt)
        code = tell_cut(of, command, arena, doubt, error);
    if (code != MLG_OK || !first)
        return code;
    if (first->run == 0)
        return mlg_error_set(
            error, MLG_DATA,
            "run %u, or something else meanwhile, read '%s', which was there before the runs "
            "with the content of the output '%s': %s; remove it, and let it lie below %s",
            number, first->path, first->output, remedy, places_for_it);
    return mlg_error_set(error, MLG_DATA,
                         "run %u, or something else meanwhile, read '%s', which run %u left there%s%s%s: %s; "
                         "remove it, which the next time passes for what was there before, and let it lie "
                         "below %s",
                         number, first->path, first->run,
                         first->output ? " with the content of the output '" : "",
                         first->output ? first->output : "", first->output ? "'" : "", remedy, places_for_it);
}

int mlg_leftovers_check_beside(const struct mlg_leftovers_of *of, const struct mlg_leftovers *leftovers,
                               struct mlg_rerun_run *const *runs, struct mlg_arena *arena,
                               struct mlg_error *error)
{
    const struct mlg_command_order *command = mlg_texts_command(of, arena);
    struct places places;
    struct mlg_known_texts texts = {.count = 0};
    const struct mlg_leftover *first = NULL;
    if (leftovers->count == 0)
        return MLG_OK;
    if (!command)
        return no_memory(error);
    int code = find_places(of, arena, &places, error);
    if (code == MLG_OK && (!mlg_texts_add_own(of, command, of->earlier->named, &texts, arena) ||
                           !mlg_texts_add_files(of, &texts, arena)))
        code = no_memory(error);
    for (size_t i = 0; code == MLG_OK && i < leftovers->count && !first; i++) {
        const struct mlg_leftover *one = &leftovers->items[i];
        if (one->is_named)
            continue;
        const bool is_new = one->run >= runs[0]->number;
        const bool is_copy = one->output && is_new && !is_of_another_project(of, &places, one->path, arena);
        if ((is_new || one->run == 0) &&
            (is_copy || find_claim(of, &places, &texts, one->path) == CLAIM_NAMED))
            first = one;
    }
    return code != MLG_OK || !first
               ? code
               : mlg_error_set(
                     error, MLG_DATA,
                     "runs that went at a time share '%s', %s: whether one of them only read what "
                     "another had written there was not watched; remove it, let it lie below "
                     "{output}, HOME or TMPDIR, which are empty in each run, or leave 'parallel' out",
                     first->path,
                     first->run == 0 ? "which was there before them with the content of an output"
                                     : "which one of them left there");
}
