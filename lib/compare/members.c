/* members: archives compared member by member, by name. The order of members, time stamps, owners,
 * compression and a top directory that all members of one archive share are of no matter.
 *
 * Every archive is read twice: the first time for names and digests, the second time for what is compared, in
 * the order of A; what B has in another order is held, as far as HELD_BYTES reach, or looked up again. */
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "mlgate/content.h"

#define HELD_BYTES (UINT64_C(256) << 20)

struct member {
    char *name;      /* as it stands in the archive; malloc'd */
    char *link;      /* of a link; malloc'd */
    const char *key; /* the name without the top directory */
    enum mlg_member_type type;
    uint64_t size;
    char sha256[65];
    size_t position; /* in the archive */
    bool is_told;    /* compared as part of something else */
    char *held;      /* its content, read ahead; malloc'd */
};

/* One archive. */
struct shelf {
    struct context *context;
    const struct mlg_world *world;
    const char *path;
    struct member *members; /* malloc'd; by key once they are sorted */
    size_t count, capacity;
    size_t *by_position; /* malloc'd: where a member stands among the sorted ones */
    struct mlg_members *walk;
    size_t next; /* position of the member that the walk gives next */
    uint64_t held;
};

static char *duplicate(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

static int add_member(struct shelf *shelf, const struct mlg_member *found)
{
    struct context *context = shelf->context;
    if (shelf->count == MLG_COMPARE_MEMBERS)
        return mlg_error_set(context->error, MLG_LIMIT, "'%s' holds more than %d members", shelf->path,
                             MLG_COMPARE_MEMBERS);
    if (shelf->count == shelf->capacity) {
        const size_t capacity = shelf->capacity ? shelf->capacity * 2 : 64;
        struct member *members = realloc(shelf->members, capacity * sizeof *members);
        if (!members)
            return no_memory(context);
        shelf->members = members;
        shelf->capacity = capacity;
    }
    struct member *member = &shelf->members[shelf->count];
    *member = (struct member){.name = duplicate(found->name), .type = found->type, .position = shelf->count};
    shelf->count++;
    member->link = found->link ? duplicate(found->link) : NULL;
    if (!member->name || (found->link && !member->link))
        return no_memory(context);
    if (found->type != MLG_MEMBER_FILE)
        return 0;
    int code = mlg_members_digest(shelf->walk, &member->size, member->sha256, context->error);
    context->unpacked += member->size;
    if (!code && context->unpacked > MLG_COMPARE_UNPACKED)
        code = mlg_error_set(context->error, MLG_LIMIT,
                             "'%s' and the archives in it unpack to more than %llu GiB", shelf->path,
                             (unsigned long long)(MLG_COMPARE_UNPACKED >> 30));
    return code;
}

/* The bytes of the top directory that all share; 0: there is none. In an NPZ it would be part of a name. */
static size_t top_directory(const struct shelf *shelf)
{
    size_t arrays = 0, size = 0;
    for (size_t i = 0; i < shelf->count; i++) {
        const char *name = shelf->members[i].name, *slash = strchr(name, '/');
        arrays += mlg_text_ends_with(name, ".npy");
        if (!slash || (i > 0 && (strncmp(name, shelf->members[0].name, size) != 0)))
            return 0;
        if (i == 0)
            size = (size_t)(slash - name) + 1;
        if ((size_t)(slash - name) + 1 != size)
            return 0;
    }
    return arrays == shelf->count ? 0 : size;
}

static int by_key(const void *x, const void *y)
{
    const struct member *a = x, *b = y;
    return strcmp(a->key, b->key);
}

static int list_members(struct shelf *shelf)
{
    struct context *context = shelf->context;
    struct mlg_member found;
    int more = 1, code = mlg_members_open(shelf->world, shelf->path, &shelf->walk, context->error);
    while (!code && (more = mlg_members_next(shelf->walk, &found, context->error)) > 0)
        code = add_member(shelf, &found);
    mlg_members_close(shelf->walk);
    shelf->walk = NULL;
    if (code || more < 0)
        return code ? code : failed(context);
    const size_t top = top_directory(shelf);
    for (size_t i = 0; i < shelf->count; i++)
        shelf->members[i].key = shelf->members[i].name + top;
    shelf->by_position = calloc(shelf->count + 1, sizeof *shelf->by_position);
    if (!shelf->by_position)
        return no_memory(context);
    if (shelf->count > 0)
        qsort(shelf->members, shelf->count, sizeof *shelf->members, by_key);
    for (size_t i = 0; i < shelf->count; i++) {
        shelf->by_position[shelf->members[i].position] = i;
        if (i > 0 && strcmp(shelf->members[i].key, shelf->members[i - 1].key) == 0)
            return mlg_error_set(context->error, MLG_DATA, "'%s' holds two members '%s'", shelf->path,
                                 shelf->members[i].name);
    }
    return 0;
}

static void free_shelf(struct shelf *shelf)
{
    mlg_members_close(shelf->walk);
    for (size_t i = 0; i < shelf->count; i++) {
        free(shelf->members[i].name);
        free(shelf->members[i].link);
        free(shelf->members[i].held);
    }
    free(shelf->members);
    free(shelf->by_position);
}

static int64_t member_next(void *self, void *buffer, size_t size, struct mlg_error *error)
{
    return mlg_members_read(self, buffer, size, error);
}

/* The content of a member, malloc'd. */
static int fetch(struct shelf *shelf, struct member *wanted, char **bytes)
{
    struct context *context = shelf->context;
    if (wanted->held) {
        *bytes = wanted->held;
        wanted->held = NULL;
        shelf->held -= wanted->size;
        return 0;
    }
    if (shelf->walk && shelf->next > wanted->position) {
        mlg_members_close(shelf->walk);
        shelf->walk = NULL;
    }
    int code = 0;
    if (!shelf->walk) {
        code = mlg_members_open(shelf->world, shelf->path, &shelf->walk, context->error);
        shelf->next = 0;
    }
    while (!code) {
        struct mlg_member found;
        const int more = mlg_members_next(shelf->walk, &found, context->error);
        if (more < 0)
            return failed(context);
        struct member *member =
            more > 0 && shelf->next < shelf->count ? &shelf->members[shelf->by_position[shelf->next]] : NULL;
        if (!member || strcmp(member->name, found.name) != 0)
            return mlg_error_set(context->error, MLG_WORLD, "'%s' changed while it was read", shelf->path);
        shelf->next++;
        const bool is_wanted = member == wanted;
        if (!is_wanted &&
            (member->type != MLG_MEMBER_FILE || member->held || member->size > HELD_BYTES - shelf->held))
            continue;
        char *content;
        uint64_t size;
        code = read_all(member_next, shelf->walk, (int64_t)member->size, shelf->path, &content, &size,
                        context->error);
        if (code)
            return code;
        if (size != member->size) {
            free(content);
            return mlg_error_set(context->error, MLG_WORLD, "'%s' changed while it was read", shelf->path);
        }
        if (is_wanted) {
            *bytes = content;
            return 0;
        }
        member->held = content;
        shelf->held += size;
    }
    return code;
}

/* ---- pairs ----------------------------------------------------------------------------------------- */

/* What was counted so far, to go back to. */
struct mark {
    size_t parts, notes;
    struct mlg_distance distance;
    struct sums sums;
};

static struct mark mark(const struct context *context)
{
    return (struct mark){context->comparison.part_count, context->comparison.note_count,
                         context->comparison.total, context->total};
}

static void go_back(struct context *context, const struct mark *to)
{
    context->comparison.part_count = to->parts;
    context->comparison.note_count = to->notes;
    context->comparison.total = to->distance;
    context->total = to->sums;
}

/* The name of what is in a member: of an array in an NPZ without ".npy". */
static const char *part_name(struct context *context, const char *name, const char *key)
{
    const size_t size = strlen(key) - (mlg_text_ends_with(key, ".npy") ? 4 : 0);
    return *name ? mlg_arena_format(context->arena, "%s//%.*s", name, (int)size, key)
                 : mlg_arena_copy(context->arena, key, size);
}

const char *bytes_text(struct context *context, uint64_t size)
{
    return mlg_counted_text(size, "byte", "bytes", context->arena);
}

/* Members that are no files: links lead to the same place, or not. */
static int compare_links(struct context *context, const char *name, const struct member *a,
                         const struct member *b)
{
    struct tally tally;
    int code = tally_begin(&tally, context, name, MLG_PART_LINK);
    if (code || is_ignored(context, name))
        return code;
    const char *to_a = a->link ? a->link : "", *to_b = b->link ? b->link : "";
    if (a->type == b->type && strcmp(to_a, to_b) == 0) {
        tally_equal(&tally);
        return tally_end(&tally);
    }
    const bool both = a->type == b->type;
    if (tally_unlike(&tally, both ? "leads elsewhere" : "is another kind of member"))
        tally_place(&tally, *name ? name : "the link", to_a, strlen(to_a), to_b, strlen(to_b));
    return tally_end_as(&tally, MLG_PART_DIFFERENT, both ? "leads elsewhere" : "another kind of member");
}

int measure_identical(struct context *context, const char *name, const struct mlg_world *world_a,
                      const char *path_a, const struct mlg_world *world, const char *path, uint64_t size,
                      unsigned depth)
{
    const struct mark before = mark(context);
    int code = compare_content(context, name, world_a, path_a, world, path, depth);
    if (code == 0)
        return 0;
    go_back(context, &before);
    if (code == MLG_DATA && is_onnx_name(path)) /* what lies beside one of them may be what is wrong */
        return MLG_DATA;
    if (code == MLG_DATA && check_container(context, world, path, depth) == MLG_DATA)
        return MLG_DATA;
    *context->error = (struct mlg_error){0};
    return tell_identical(context, name, bytes_text(context, size), size);
}

static struct member *member_called(const struct shelf *shelf, const char *key)
{
    const struct member wanted = {.key = key};
    struct member *found =
        shelf->count ? bsearch(&wanted, shelf->members, shelf->count, sizeof wanted, by_key) : NULL;
    return found && found->type == MLG_MEMBER_FILE ? found : NULL;
}

static int hold_member(struct shelf *shelf, struct member *member, const char *path, struct blob *blob);

/* The member of a path that begins with that of the archive: what lies beside another one. */
static int open_beside(void *self, const char *path, struct blob *blob, struct mlg_error *error)
{
    struct shelf *shelf = self;
    const size_t size = strlen(shelf->path),
                 top = shelf->count ? (size_t)(shelf->members[0].key - shelf->members[0].name) : 0;
    const bool is_below = strncmp(path, shelf->path, size) == 0 && strncmp(path + size, "//", 2) == 0;
    const char *name = is_below ? path + size + 2 : "";
    struct member *member = strlen(name) > top ? member_called(shelf, name + top) : NULL;
    if (!member || strcmp(member->name, name) != 0)
        return mlg_error_set(error, MLG_WORLD, "'%s' does not exist", path);
    return hold_member(shelf, member, path, blob);
}

static int hold_member(struct shelf *shelf, struct member *member, const char *path, struct blob *blob)
{
    char *bytes;
    const int code = fetch(shelf, member, &bytes);
    if (code)
        return code;
    blob_hold(blob, path, bytes, member->size);
    blob->open_beside = open_beside;
    blob->beside = shelf;
    return 0;
}

static int compare_pair(struct shelf *a, struct member *x, struct shelf *b, struct member *y,
                        const char *name, unsigned depth)
{
    struct context *context = a->context;
    if (x->type != MLG_MEMBER_FILE || y->type != MLG_MEMBER_FILE)
        return compare_links(context, name, x, y);
    const bool identical = x->size == y->size && strcmp(x->sha256, y->sha256) == 0;
    const char *path_a = mlg_arena_format(context->arena, "%s//%s", a->path, x->name),
               *path_b = mlg_arena_format(context->arena, "%s//%s", b->path, y->name);
    struct blob blob_a, blob_b;
    if (!path_a || !path_b)
        return no_memory(context);
    int code = hold_member(b, y, path_b, &blob_b);
    if (code)
        return code;
    if (identical && !is_onnx_name(path_b)) {
        code = measure_identical(context, name, blob_b.world, path_b, blob_b.world, path_b, y->size, depth);
    } else if ((code = hold_member(a, x, path_a, &blob_a)) == 0) {
        code = identical ? measure_identical(context, name, blob_a.world, path_a, blob_b.world, path_b,
                                             y->size, depth)
                         : compare_content(context, name, blob_a.world, path_a, blob_b.world, path_b, depth);
        blob_close(&blob_a);
    }
    blob_close(&blob_b);
    return code;
}

static int only_member(struct context *context, const struct member *member, const char *name, bool in_a)
{
    const bool file = member->type == MLG_MEMBER_FILE;
    return only_one(context, name, in_a, file ? kind_of_name(member->key) : MLG_PART_LINK,
                    file           ? bytes_text(context, member->size)
                    : member->link ? mlg_arena_format(context->arena, "to %s", member->link)
                                   : NULL);
}

/* ---- PyTorch --------------------------------------------------------------------------------------- */

/* Storages are numbered as they lie in the archive. */
static bool find_storage(void *self, const char *name, size_t *storage, uint64_t *size)
{
    struct member *member = member_called(self, name);
    if (!member)
        return false;
    member->is_told = true;
    *storage = member->position;
    *size = member->size;
    return true;
}

static int open_storage(void *self, size_t storage, struct blob *blob)
{
    struct shelf *shelf = self;
    struct member *member = &shelf->members[shelf->by_position[storage]];
    const char *path = mlg_arena_format(shelf->context->arena, "%s//%s", shelf->path, member->name);
    char *bytes;
    if (!path)
        return no_memory(shelf->context);
    const int code = fetch(shelf, member, &bytes);
    if (!code)
        blob_hold(blob, path, bytes, member->size);
    return code;
}

/* Which order the bytes of numbers have; older versions of PyTorch do not say it, and mean the usual one. */
static int read_byte_order(struct shelf *shelf, bool *big_endian)
{
    struct member *member = member_called(shelf, "byteorder");
    char *bytes;
    *big_endian = false;
    if (!member)
        return 0;
    const int code = fetch(shelf, member, &bytes);
    if (code)
        return code;
    *big_endian = strcmp(bytes, "big") == 0;
    const bool is_known = *big_endian || strcmp(bytes, "little") == 0;
    free(bytes);
    return is_known
               ? 0
               : mlg_error_set(shelf->context->error, MLG_DATA,
                               "'%s' is damaged: its byteorder is neither 'little' nor 'big'", shelf->path);
}

static int open_torch(struct shelf *shelf, struct torch_archive *archive, char **pickle)
{
    struct member *member = member_called(shelf, "data.pkl");
    *archive = (struct torch_archive){
        .path = shelf->path, .self = shelf, .find = find_storage, .open = open_storage};
    *pickle = NULL;
    int code = fetch(shelf, member, pickle);
    if (code)
        return code;
    archive->pickle = *pickle;
    archive->pickle_size = member->size;
    for (size_t i = 0; i < shelf->count; i++)
        archive->size += shelf->members[i].size;
    return read_byte_order(shelf, &archive->big_endian);
}

/* Of no matter once the tensors are read, as the storages are that belong to them. */
static void mark_told(struct shelf *shelf, bool is_read)
{
    static const char *const told[] = {"data.pkl", "version", "byteorder", ".format_version",
                                       ".storage_alignment"};
    for (size_t i = 0; i < shelf->count; i++)
        shelf->members[i].is_told =
            is_read && (shelf->members[i].is_told ||
                        mlg_text_is_among(shelf->members[i].key, told, sizeof told / sizeof *told));
}

static int compare_tensors_of(struct shelf *a, struct shelf *b, const char *name)
{
    struct torch_archive x, y;
    char *pickle_a = NULL, *pickle_b = NULL;
    bool is_read = false;
    if (!member_called(a, "data.pkl") || !member_called(a, "version") || !member_called(b, "data.pkl") ||
        !member_called(b, "version"))
        return 0;
    int code = open_torch(a, &x, &pickle_a);
    if (!code)
        code = open_torch(b, &y, &pickle_b);
    if (!code)
        code = compare_torch(a->context, name, &x, &y, &is_read);
    mark_told(a, is_read);
    mark_told(b, is_read);
    free(pickle_a);
    free(pickle_b);
    return code;
}

/* PyTorch writes a number there that is new each time. */
static bool is_serialization_id(struct context *context, const struct member *member)
{
    const bool is_one = strcmp(member->key, ".data/serialization_id") == 0;
    context->serialization_id |= is_one;
    return is_one;
}

/* Models come first, so that what lies beside them is known. Where both have what one model alone has a use
 * for it is compared as everything else is. */
static bool is_of_model(const struct shelf *shelf, const struct member *member)
{
    const char *path = shelf->context->data_count > 0 && !is_onnx_name(member->key)
                           ? mlg_arena_format(shelf->context->arena, "%s//%s", shelf->path, member->name)
                           : NULL;
    return path && is_data_file(shelf->context, path);
}

/* The member of that key which is left to be compared. */
static struct member *partner_of(const struct shelf *shelf, const struct member *member)
{
    struct member *partner =
        shelf->count ? bsearch(member, shelf->members, shelf->count, sizeof *member, by_key) : NULL;
    return partner && !partner->is_told ? partner : NULL;
}

/* What A has, in the order of A, which is read through once; of ONNX models, or of all else. */
static int compare_with(struct shelf *a, struct shelf *b, const char *name, unsigned depth, bool of_models)
{
    struct context *context = a->context;
    int code = 0;
    for (size_t i = 0; !code && i < a->count; i++) {
        struct member *member = &a->members[a->by_position[i]], *partner = partner_of(b, member);
        const char *part = part_name(context, name, member->key);
        if (!part)
            return no_memory(context);
        if (is_onnx_name(member->key) != of_models || member->is_told ||
            is_serialization_id(context, member) || is_ignored(context, part) ||
            (is_of_model(a, member) && (!partner || is_of_model(b, partner))))
            continue;
        code = partner ? compare_pair(a, member, b, partner, part, depth)
                       : only_member(context, member, part, true);
    }
    return code;
}

static int compare_shelves(struct shelf *a, struct shelf *b, const char *name, unsigned depth)
{
    struct context *context = a->context;
    int code = compare_tensors_of(a, b, name);
    if (!code)
        code = compare_with(a, b, name, depth, true);
    sort_data_files(context);
    if (!code)
        code = compare_with(a, b, name, depth, false);
    for (size_t i = 0; !code && i < b->count; i++) {
        const struct member *member = &b->members[i];
        const char *part = part_name(context, name, member->key);
        if (!part)
            return no_memory(context);
        if (member->is_told || is_serialization_id(context, member) || is_ignored(context, part) ||
            partner_of(a, member) || is_of_model(b, member))
            continue;
        code = only_member(context, member, part, false);
    }
    return code;
}

int tell_no_members(struct context *context, const char *name)
{
    struct tally tally;
    const int code = tally_begin(&tally, context, name, MLG_PART_BYTES);
    if (code)
        return code;
    tally.part.what = "no members";
    return tally_end_as(&tally, MLG_PART_SAME, NULL);
}

int compare_members(struct context *context, const char *name, const struct mlg_world *world_a,
                    const char *path_a, const struct mlg_world *world_b, const char *path_b, unsigned depth)
{
    struct shelf a = {.context = context, .world = world_a, .path = path_a},
                 b = {.context = context, .world = world_b, .path = path_b};
    int code = list_members(&a);
    if (!code)
        code = list_members(&b);
    if (!code && a.count == 0 && b.count == 0) {
        code = tell_no_members(context, name);
    } else if (!code) {
        code = compare_shelves(&a, &b, name, depth);
    }
    free_shelf(&a);
    free_shelf(&b);
    return code;
}

/* ---- one archive ----------------------------------------------------------------------------------- */

/* Does the name say that there is more to know of it than its bytes? */
static bool may_hold_more(const char *name)
{
    static const char *const endings[] = {".npz",   ".zip",    ".keras",       ".tar", ".tgz", ".gz",
                                          ".bz2",   ".xz",     ".zst",         ".pt",  ".pth", ".json",
                                          ".jsonl", ".ndjson", ".safetensors", ".csv", ".tsv"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (mlg_text_ends_with(name, endings[i]))
            return true;
    return false;
}

static int put_member_meaning(struct shelf *shelf, const char *part, struct member *member, unsigned depth,
                              struct mlg_builder *out)
{
    struct context *context = shelf->context;
    char sha256[65], *bytes = NULL;
    memcpy(sha256, member->sha256, sizeof sha256);
    if (member->type == MLG_MEMBER_FILE && may_hold_more(member->key)) {
        const char *path = mlg_arena_format(context->arena, "%s//%s", shelf->path, member->name);
        struct blob blob;
        int code = path ? fetch(shelf, member, &bytes) : no_memory(context);
        if (code)
            return code;
        blob_hold(&blob, path, bytes, member->size);
        code = digest_meaning(context, part, blob.world, path, depth, sha256);
        blob_close(&blob);
        if (code)
            return code;
    } else {
        context->is_told = true;
    }
    /* Sizes in front, so that no name looks like the end of another. */
    mlg_put_format(out, "%zu ", strlen(member->key));
    mlg_put(out, member->key);
    mlg_put_format(out, " %d ", (int)member->type);
    mlg_put(out, member->type == MLG_MEMBER_FILE ? sha256 : member->link ? member->link : "");
    mlg_put(out, "\n");
    return 0;
}

/* Can the pattern that meets the member's name leave it out? Of what PyTorch writes tensors have names, and
 * not what they lie in; so it is beside ONNX models. */
static bool has_own_name(struct shelf *shelf, const struct member *member, bool has_model)
{
    static const char *const own[] = {"data.pkl", "version", "byteorder"};
    const bool is_torch = member_called(shelf, "data.pkl") && member_called(shelf, "version");
    return !has_model && !(is_torch && (strncmp(member->key, "data/", 5) == 0 ||
                                        mlg_text_is_among(member->key, own, sizeof own / sizeof *own)));
}

int put_members_meaning(struct context *context, const char *name, const struct mlg_world *world,
                        const char *path, unsigned depth, struct mlg_builder *out)
{
    struct shelf shelf = {.context = context, .world = world, .path = path};
    bool has_model = false;
    int code = list_members(&shelf);
    for (size_t i = 0; !code && i < shelf.count; i++)
        has_model |= is_onnx_name(shelf.members[i].key);
    for (size_t i = 0; !code && i < shelf.count; i++) {
        struct member *member = &shelf.members[i];
        const char *part = part_name(context, name, member->key);
        if (!part)
            code = no_memory(context);
        else if (!is_serialization_id(context, member) &&
                 !(has_own_name(&shelf, member, has_model) && is_ignored(context, part)))
            code = put_member_meaning(&shelf, part, member, depth, out);
    }
    free_shelf(&shelf);
    return code;
}
