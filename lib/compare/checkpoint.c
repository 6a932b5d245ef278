/* checkpoint: two files of torch.save, part by part: tensors by tensor.c, in the order in which their
 * storages are read, and all other values here. */
#include <stdlib.h>
#include <string.h>

#include "inside.h"

static void put_hex(struct mlg_builder *out, const unsigned char *bytes, uint32_t size, bool reversed)
{
    enum { MOST = 16 };
    mlg_put(out, "0x");
    for (uint32_t i = 0; i < size && i < MOST; i++)
        mlg_put_format(out, "%02x", bytes[reversed ? size - 1 - i : i]);
    mlg_put(out, size > MOST ? "..." : "");
}

static void put_global(struct mlg_builder *out, const struct torch_reader *reader, uint32_t value)
{
    const struct pickle_value *global = torch_value(reader, value);
    mlg_put_bytes(out, torch_text(reader, global->global.module), global->global.module.size);
    mlg_put(out, ".");
    mlg_put_bytes(out, torch_text(reader, global->global.name), global->global.name.size);
}

static void put_value(struct mlg_builder *out, const struct torch_reader *reader, uint32_t index)
{
    const struct pickle_value *value = torch_value(reader, index);
    switch (value->type) {
    case PICKLE_NONE:
        mlg_put(out, "None");
        break;
    case PICKLE_BOOL:
        mlg_put(out, value->whole ? "True" : "False");
        break;
    case PICKLE_WHOLE:
        mlg_put_format(out, "%lld", (long long)value->whole);
        break;
    case PICKLE_FLOAT:
        mlg_put_number(out, value->number);
        break;
    case PICKLE_LONG:
    case PICKLE_BYTES:
        put_hex(out, reader->pickle.bytes + value->text.offset, value->text.size, value->type == PICKLE_LONG);
        break;
    case PICKLE_TEXT:
        mlg_put(out, "\"");
        mlg_put_bytes(out, torch_text(reader, value->text), value->text.size);
        mlg_put(out, "\"");
        break;
    case PICKLE_GLOBAL:
        put_global(out, reader, index);
        break;
    case PICKLE_TUPLE:
    case PICKLE_LIST:
        mlg_put(out, "[]");
        break;
    default:
        if (torch_is_dictionary(reader, index)) {
            mlg_put(out, "{}");
            break;
        }
        put_global(out, reader, value->node.callable);
        mlg_put(out, value->type == PICKLE_CALL ? "(...)" : " object");
    }
}

/* Index 0: that side has none. */
static void place_value(struct tally *tally, const char *name, const struct torch_reader *a, uint32_t index_a,
                        const struct torch_reader *b, uint32_t index_b)
{
    struct mlg_builder x, y;
    mlg_builder_init(&x, 0);
    mlg_builder_init(&y, 0);
    if (index_a)
        put_value(&x, a, index_a);
    if (index_b)
        put_value(&y, b, index_b);
    tally_place(tally, *name ? name : "its value", index_a ? x.data : NULL, x.size, index_b ? y.data : NULL,
                y.size);
    mlg_builder_free(&x);
    mlg_builder_free(&y);
}

static bool same_texts(const struct torch_reader *a, struct pickle_text x, const struct torch_reader *b,
                       struct pickle_text y)
{
    return x.size == y.size && (x.size == 0 || memcmp(torch_text(a, x), torch_text(b, y), x.size) == 0);
}

static bool same_globals(const struct torch_reader *a, uint32_t index_a, const struct torch_reader *b,
                         uint32_t index_b)
{
    const struct pickle_value *x = torch_value(a, index_a), *y = torch_value(b, index_b);
    return same_texts(a, x->global.module, b, y->global.module) &&
           same_texts(a, x->global.name, b, y->global.name);
}

/* Lists and tuples are alike, and so are dictionaries, ordered or not. */
static enum pickle_type kind_of(const struct torch_reader *reader, uint32_t index)
{
    const enum pickle_type type = torch_value(reader, index)->type;
    return type == PICKLE_TUPLE ? PICKLE_LIST : torch_is_dictionary(reader, index) ? PICKLE_DICT : type;
}

/* Two values that are no numbers, and contain nothing. */
static bool same_values(const struct torch_reader *a, uint32_t index_a, const struct torch_reader *b,
                        uint32_t index_b)
{
    const struct pickle_value *x = torch_value(a, index_a), *y = torch_value(b, index_b);
    const enum pickle_type kind = kind_of(a, index_a);
    if (kind != kind_of(b, index_b))
        return false;
    switch (kind) {
    case PICKLE_BOOL:
        return x->whole == y->whole;
    case PICKLE_LONG:
    case PICKLE_TEXT:
    case PICKLE_BYTES:
        return same_texts(a, x->text, b, y->text);
    case PICKLE_GLOBAL:
        return same_globals(a, index_a, b, index_b);
    case PICKLE_CALL:
    case PICKLE_NEW:
        return same_globals(a, x->node.callable, b, y->node.callable);
    default:
        return true;
    }
}

static bool is_number(const struct pickle_value *value)
{
    return value->type == PICKLE_WHOLE || value->type == PICKLE_FLOAT;
}

static uint64_t bits_of(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

/* True: they differ, and there is room for a place. */
static bool tally_values(struct tally *tally, const struct torch_reader *a, uint32_t index_a,
                         const struct torch_reader *b, uint32_t index_b)
{
    const struct pickle_value *x = torch_value(a, index_a), *y = torch_value(b, index_b);
    if (!is_number(x) || !is_number(y)) {
        if (!same_values(a, index_a, b, index_b))
            return tally_unlike(tally, "holds other values");
        tally_equal(tally);
        return false;
    }
    if (x->type == PICKLE_WHOLE && y->type == PICKLE_WHOLE) {
        const uint64_t steps = x->whole > y->whole ? (uint64_t)x->whole - (uint64_t)y->whole
                                                   : (uint64_t)y->whole - (uint64_t)x->whole;
        tally->other_bytes |= steps > 0;
        return tally_number(tally, (double)steps, (double)y->whole, steps == UINT64_MAX ? steps - 1 : steps);
    }
    const double m = x->type == PICKLE_WHOLE ? (double)x->whole : x->number,
                 n = y->type == PICKLE_WHOLE ? (double)y->whole : y->number;
    tally->other_bytes |= x->type != y->type || bits_of(m) != bits_of(n);
    return tally_number(tally, m - n, n, ulps_between(m, n));
}

/* The leaves of one part, in both. */
struct run {
    struct torch_reader *reader;
    size_t first, end;
};

static size_t end_of_part(const struct torch_reader *reader, size_t first)
{
    size_t end = first;
    while (end < reader->count && reader->leaves[end].part == reader->leaves[first].part)
        end++;
    return end;
}

static const char *what_of(struct context *context, struct run run)
{
    struct torch_reader *reader = run.reader;
    struct tensor tensor;
    size_t storage = 0;
    const struct torch_leaf *leaf = &reader->leaves[run.first];
    if (!leaf->is_tensor || !torch_tensor(reader, leaf->value, &tensor, &storage))
        return mlg_counted_text(run.end - run.first, "value", "values", context->arena);
    return tensor_what(context, &tensor);
}

static int compare_values(struct context *context, const char *part, struct run a, struct run b)
{
    struct tally tally;
    if (is_ignored(context, part))
        return 0;
    int code = tally_begin(&tally, context, part, MLG_PART_VALUE);
    if (code)
        return code;
    size_t i = a.first, k = b.first;
    while (i < a.end || k < b.end) {
        const struct torch_leaf *x = &a.reader->leaves[i < a.end ? i : a.first],
                                *y = &b.reader->leaves[k < b.end ? k : b.first];
        const int order = i == a.end ? 1 : k == b.end ? -1 : torch_order(x->name, y->name);
        const uint32_t index_a = order <= 0 ? x->value : 0, index_b = order >= 0 ? y->value : 0;
        if (order == 0 ? tally_values(&tally, a.reader, index_a, b.reader, index_b)
                       : tally_unlike(&tally, order > 0 ? "has other keys or items" : "lacks keys or items"))
            place_value(&tally, order <= 0 ? x->name : y->name, a.reader, index_a, b.reader, index_b);
        i += order <= 0;
        k += order >= 0;
    }
    tally.part.what = mlg_counted_text(a.end - a.first, "value", "values", context->arena);
    return tally_end(&tally);
}

/* A tensor on one side, and what is none on the other. */
static int compare_unlike(struct context *context, const char *part, struct run a, struct run b)
{
    struct tally tally;
    const char *what_a = what_of(context, a), *what_b = what_of(context, b);
    if (is_ignored(context, part))
        return 0;
    int code = tally_begin(&tally, context, part, MLG_PART_TENSOR);
    if (code || !what_a || !what_b)
        return code ? code : no_memory(context);
    tally.part.what = what_a;
    const char *why = mlg_arena_format(context->arena, "%s against %s", what_a, what_b);
    tally.part.distance.undefined = named(context, part, "is %s against %s", what_a, what_b);
    return tally_end_as(&tally, MLG_PART_DIFFERENT, why);
}

/* Two tensors of one name, to be compared in the order in which their storages are read. */
struct pair {
    size_t storage_a, storage_b, leaf_a, leaf_b;
};

static int by_storage(const void *x, const void *y)
{
    const struct pair *a = x, *b = y;
    if (a->storage_a != b->storage_a)
        return a->storage_a < b->storage_a ? -1 : 1;
    if (a->storage_b != b->storage_b)
        return a->storage_b < b->storage_b ? -1 : 1;
    return (a->leaf_a > b->leaf_a) - (a->leaf_a < b->leaf_a);
}

/* The storage of a side that is held at the moment. */
struct held {
    struct blob blob;
    bool is_open;
    size_t storage;
};

static int hold(struct held *held, const struct torch_archive *archive, size_t storage)
{
    if (held->is_open && held->storage == storage)
        return 0;
    if (held->is_open)
        blob_close(&held->blob);
    const int code = archive->open(archive->self, storage, &held->blob);
    held->is_open = code == 0;
    held->storage = storage;
    return code;
}

static int compare_pairs(struct torch_reader *a, struct torch_reader *b, struct pair *pairs, size_t count)
{
    struct held held_a = {0}, held_b = {0};
    int code = 0;
    if (count > 0)
        qsort(pairs, count, sizeof *pairs, by_storage);
    for (size_t i = 0; !code && i < count; i++) {
        struct tensor tensor_a, tensor_b;
        size_t storage = 0;
        const struct torch_leaf *x = &a->leaves[pairs[i].leaf_a], *y = &b->leaves[pairs[i].leaf_b];
        code = hold(&held_a, a->archive, pairs[i].storage_a);
        if (!code)
            code = hold(&held_b, b->archive, pairs[i].storage_b);
        if (!code && torch_tensor(a, x->value, &tensor_a, &storage) &&
            torch_tensor(b, y->value, &tensor_b, &storage))
            code = compare_tensors(a->context, x->part, &held_a.blob, &tensor_a, &held_b.blob, &tensor_b);
    }
    if (held_a.is_open)
        blob_close(&held_a.blob);
    if (held_b.is_open)
        blob_close(&held_b.blob);
    return code;
}

static int compare_readers(struct torch_reader *a, struct torch_reader *b)
{
    struct context *context = a->context;
    struct pair *pairs = calloc(a->count + 1, sizeof *pairs);
    size_t i = 0, k = 0, count = 0;
    int code = 0;
    if (!pairs)
        return no_memory(context);
    while (!code && (i < a->count || k < b->count)) {
        const int order = i == a->count   ? 1
                          : k == b->count ? -1
                                          : strcmp(a->leaves[i].part, b->leaves[k].part);
        const struct run run_a = {a, i, order <= 0 ? end_of_part(a, i) : i},
                         run_b = {b, k, order >= 0 ? end_of_part(b, k) : k};
        const struct torch_leaf *leaf = order <= 0 ? &a->leaves[i] : &b->leaves[k];
        if (order != 0)
            code =
                only_one(context, leaf->part, order < 0, leaf->is_tensor ? MLG_PART_TENSOR : MLG_PART_VALUE,
                         what_of(context, order < 0 ? run_a : run_b));
        else if (leaf->is_tensor != b->leaves[k].is_tensor)
            code = compare_unlike(context, leaf->part, run_a, run_b);
        else if (!leaf->is_tensor)
            code = compare_values(context, leaf->part, run_a, run_b);
        else if (!is_ignored(context, leaf->part))
            pairs[count++] = (struct pair){leaf->storage, b->leaves[k].storage, i, k};
        i = run_a.end;
        k = run_b.end;
    }
    if (!code)
        code = compare_pairs(a, b, pairs, count);
    free(pairs);
    return code;
}

static int note_unread(const struct torch_reader *reader)
{
    return note(reader->context,
                mlg_arena_format(
                    reader->context->arena,
                    "the tensors of '%s' are compared as bytes, since its data.pkl is not understood: %s",
                    reader->archive->path, reader->why));
}

int compare_torch(struct context *context, const char *name, const struct torch_archive *a,
                  const struct torch_archive *b, bool *is_read)
{
    struct torch_reader *both = calloc(2, sizeof *both), *x = both, *y = both + 1;
    *is_read = false;
    if (!both)
        return no_memory(context);
    x->context = y->context = context;
    x->prefix = y->prefix = name;
    x->archive = a;
    y->archive = b;
    int code = torch_read(x);
    if (!code)
        code = torch_read(y);
    *is_read = !code && x->reading == PICKLE_READ && y->reading == PICKLE_READ;
    if (*is_read)
        code = compare_readers(x, y);
    else if (!code)
        code = note_unread(x->reading != PICKLE_READ ? x : y);
    torch_free(x);
    torch_free(y);
    free(both);
    return code;
}
