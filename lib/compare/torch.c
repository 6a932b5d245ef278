/* torch: what torch.save writes, named by what leads to its tensors and values. data.pkl says
 * what they are called and where their numbers lie; it is read as data (pickle.c).
 *
 * The value of a dictionary or object is called by its key, an item of a list by its number:
 * "model/fc.weight". A list or object without a tensor in it is one part. Objects that are not known here are
 * their class, their arguments and their state: two of them that agree in all of these are made alike,
 * whatever they are. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"

enum {
    MOST_LEAVES = 1024 * 1024, /* values looked at, those that are shared as often as they are */
    MOST_DEPTH = 200,
    MOST_NAMES = 32 * 1024 * 1024,
    MOST_EXPANSION = 1000
};
/* Tensors may repeat their storages so far in any case. */
#define LEAST_EXPANSION (UINT64_C(16) << 20)

/* Ends the reading; false. */
static bool stop(struct torch_reader *reader, enum pickle_reading reading, const char *why)
{
    if (reader->reading == PICKLE_READ) {
        reader->reading = reading;
        snprintf(reader->why, sizeof reader->why, "%s", why);
    }
    return false;
}

static bool not_known(struct torch_reader *reader, const char *why)
{
    return stop(reader, PICKLE_NOT_READ, why);
}

static bool damaged(struct torch_reader *reader, const char *what)
{
    char why[512];
    snprintf(why, sizeof why, reader->path_size > 0 ? "tensor '%.200s' %s" : "its tensor%.0s %s",
             reader->path, what);
    return stop(reader, PICKLE_DAMAGED, why);
}

const struct pickle_value *torch_value(const struct torch_reader *reader, uint32_t value)
{
    return &reader->pickle.values[value];
}

const char *torch_text(const struct torch_reader *reader, struct pickle_text text)
{
    return (const char *)reader->pickle.bytes + text.offset;
}

static bool is_text(const struct torch_reader *reader, struct pickle_text text, const char *wanted)
{
    return text.size == strlen(wanted) && memcmp(torch_text(reader, text), wanted, text.size) == 0;
}

static bool is_global(const struct torch_reader *reader, uint32_t value, const char *module, const char *name)
{
    const struct pickle_value *global = torch_value(reader, value);
    return global->type == PICKLE_GLOBAL && is_text(reader, global->global.module, module) &&
           is_text(reader, global->global.name, name);
}

static bool is_call(const struct torch_reader *reader, uint32_t value, const char *module, const char *name)
{
    const struct pickle_value *call = torch_value(reader, value);
    return call->type == PICKLE_CALL && is_global(reader, call->node.callable, module, name);
}

/* The items of a tuple or list; more than `most` are counted, and not told. */
static size_t items_of(const struct torch_reader *reader, uint32_t value, uint32_t *items, size_t most)
{
    const struct pickle_value *node = torch_value(reader, value);
    size_t count = 0;
    if (node->type != PICKLE_TUPLE && node->type != PICKLE_LIST)
        return most + 1;
    for (uint32_t i = node->node.first; i && count < most; i = reader->pickle.items[i].next)
        items[count++] = reader->pickle.items[i].value;
    return node->node.count;
}

bool torch_is_dictionary(const struct torch_reader *reader, uint32_t value)
{
    return torch_value(reader, value)->type == PICKLE_DICT ||
           (is_call(reader, value, "collections", "OrderedDict") &&
            torch_value(reader, torch_value(reader, value)->node.args)->node.count == 0);
}

static bool is_nothing(const struct torch_reader *reader, uint32_t value)
{
    const struct pickle_value *node = torch_value(reader, value);
    return node->type == PICKLE_NONE ||
           (torch_is_dictionary(reader, value) && node->node.count == 0 && !node->node.state);
}

static bool is_whole(const struct torch_reader *reader, uint32_t value, uint64_t *number)
{
    const struct pickle_value *whole = torch_value(reader, value);
    *number = (uint64_t)whole->whole;
    return whole->type == PICKLE_WHOLE && whole->whole >= 0;
}

/* ---- tensors --------------------------------------------------------------------------------------- */

/* What the class of a storage and the type of a tensor are called. */
static const struct {
    const char *storage, *type; /* NULL: none */
    struct dtype is;
} types[] = {
    {"DoubleStorage", "float64", {'f', 8, false, "float64"}},
    {"FloatStorage", "float32", {'f', 4, false, "float32"}},
    {"HalfStorage", "float16", {'f', 2, false, "float16"}},
    {"BFloat16Storage", "bfloat16", {'B', 2, false, "bfloat16"}},
    {"LongStorage", "int64", {'i', 8, false, "int64"}},
    {"IntStorage", "int32", {'i', 4, false, "int32"}},
    {"ShortStorage", "int16", {'i', 2, false, "int16"}},
    {"CharStorage", "int8", {'i', 1, false, "int8"}},
    {"ByteStorage", "uint8", {'u', 1, false, "uint8"}},
    {NULL, "uint16", {'u', 2, false, "uint16"}},
    {NULL, "uint32", {'u', 4, false, "uint32"}},
    {NULL, "uint64", {'u', 8, false, "uint64"}},
    {"BoolStorage", "bool", {'b', 1, false, "bool"}},
    {NULL, "complex32", {'c', 4, false, "complex32"}},
    {"ComplexFloatStorage", "complex64", {'c', 8, false, "complex64"}},
    {"ComplexDoubleStorage", "complex128", {'c', 16, false, "complex128"}},
    {"QInt8Storage", "qint8", {'V', 1, false, "qint8"}},
    {"QUInt8Storage", "quint8", {'V', 1, false, "quint8"}},
    {"QInt32Storage", "qint32", {'V', 4, false, "qint32"}},
    {NULL, "float8_e4m3fn", {'V', 1, false, "float8_e4m3fn"}},
    {NULL, "float8_e5m2", {'V', 1, false, "float8_e5m2"}},
    {NULL, "float8_e4m3fnuz", {'V', 1, false, "float8_e4m3fnuz"}},
    {NULL, "float8_e5m2fnuz", {'V', 1, false, "float8_e5m2fnuz"}},
    {NULL, "float8_e8m0fnu", {'V', 1, false, "float8_e8m0fnu"}},
    {"UntypedStorage", NULL, {'V', 1, false, "bytes"}},
};

/* `named_by_storage`: the global is the class of a storage. */
static bool find_type(const struct torch_reader *reader, uint32_t global, bool named_by_storage,
                      struct dtype *type)
{
    const struct pickle_value *value = torch_value(reader, global);
    if (value->type != PICKLE_GLOBAL)
        return false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        const char *word = named_by_storage ? types[i].storage : types[i].type;
        if (word && is_text(reader, value->global.name, word)) {
            *type = types[i].is;
            type->swap = reader->archive->big_endian && type->size > 1;
            if (type->swap && type->kind == 'V') /* its bytes are compared, and mean something else */
                snprintf(type->name, sizeof type->name, "%.15s swapped", types[i].is.name);
            return true;
        }
    }
    return false;
}

struct storage {
    struct dtype type;
    size_t number;
    uint64_t bytes; /* that it announces, and has */
    uint64_t numbers;
};

/* ('storage', class, key, location, how many numbers) */
static bool read_storage(struct torch_reader *reader, uint32_t value, struct storage *storage)
{
    enum { FIELDS = 5, CLASS = 1, KEY = 2, COUNT = 4 };
    uint32_t fields[FIELDS] = {0};
    char name[64] = "data/";
    uint64_t size;
    const struct pickle_value *persistent = torch_value(reader, value);
    if (persistent->type != PICKLE_PERSISTENT ||
        items_of(reader, persistent->node.args, fields, FIELDS) != FIELDS ||
        torch_value(reader, fields[0])->type != PICKLE_TEXT ||
        !is_text(reader, torch_value(reader, fields[0])->text, "storage") ||
        torch_value(reader, fields[KEY])->type != PICKLE_TEXT ||
        !is_whole(reader, fields[COUNT], &storage->numbers))
        return not_known(reader, "it has a storage that is described in a way that is not known");
    if (!find_type(reader, fields[CLASS], true, &storage->type))
        return not_known(reader, "it has a storage of a type that is not known");
    const struct pickle_text key = torch_value(reader, fields[KEY])->text;
    const size_t start = strlen(name);
    if (key.size >= sizeof name - start)
        return not_known(reader, "it has a storage with a long name");
    memcpy(name + start, torch_text(reader, key), key.size);
    name[start + key.size] = '\0';
    if (!reader->archive->find(reader->archive->self, name, &storage->number, &size)) {
        char what[128];
        snprintf(what, sizeof what, "needs '%s', which is not there", name);
        return damaged(reader, what);
    }
    if (__builtin_mul_overflow(storage->numbers, (uint64_t)storage->type.size, &storage->bytes) ||
        storage->bytes > size) {
        char what[160];
        snprintf(what, sizeof what, "announces %llu numbers in '%s', which has %llu bytes",
                 (unsigned long long)storage->numbers, name, (unsigned long long)size);
        return damaged(reader, what);
    }
    return true;
}

/* Shape, steps and offset, each of which has to lie in the storage. */
static bool read_layout(struct torch_reader *reader, const uint32_t *args, uint64_t numbers,
                        struct tensor *tensor)
{
    enum { OFFSET = 1, SHAPE = 2, STEPS = 3 };
    uint32_t shape[MOST_AXES] = {0}, steps[MOST_AXES] = {0};
    uint64_t offset, last, next = 1;
    const size_t axes = items_of(reader, args[SHAPE], shape, MOST_AXES);
    bool inside = is_whole(reader, args[OFFSET], &offset), empty = false, dense = true;
    if (axes > MOST_AXES || items_of(reader, args[STEPS], steps, MOST_AXES) != axes || !inside)
        return not_known(reader, "it has a tensor that is described in a way that is not known");
    tensor->axes = axes;
    last = offset;
    for (size_t i = axes; i-- > 0;) {
        if (!is_whole(reader, shape[i], &tensor->shape[i]) || !is_whole(reader, steps[i], &tensor->steps[i]))
            return not_known(reader, "it has a tensor that is described in a way that is not known");
        const uint64_t length = tensor->shape[i], step = tensor->steps[i];
        uint64_t reach = 0;
        empty |= length == 0;
        dense &= length == 1 || step == next;
        if (length > 0 && inside)
            inside = !__builtin_mul_overflow(length - 1, step, &reach) &&
                     !__builtin_add_overflow(last, reach, &last);
        if (length > 0 && __builtin_mul_overflow(next, length, &next))
            next = 0; /* no step is as large */
    }
    if (!empty && (!inside || last >= numbers))
        return damaged(reader, "reaches beyond its storage");
    uint64_t bytes;
    if (!tensor_count(tensor) || __builtin_mul_overflow(tensor->count, (uint64_t)tensor->type.size, &bytes))
        return not_known(reader, "its tensors repeat what is stored more than 1,000 times");
    tensor->strided = !empty && !dense;
    tensor->offset = empty ? 0 : offset * tensor->type.size;
    return true;
}

/* The data of a parameter, or the value itself. */
static uint32_t without_parameter(const struct torch_reader *reader, uint32_t value)
{
    uint32_t args[3] = {0};
    for (int i = 0; i < 4 && is_call(reader, value, "torch._utils", "_rebuild_parameter"); i++) {
        const struct pickle_value *call = torch_value(reader, value);
        if (call->node.state || call->node.count || items_of(reader, call->node.args, args, 3) != 3 ||
            !is_nothing(reader, args[2]))
            break;
        value = args[0];
    }
    return value;
}

bool torch_tensor(struct torch_reader *reader, uint32_t value, struct tensor *tensor, size_t *number)
{
    static const struct {
        const char *name;
        size_t least, hooks, type, metadata; /* arguments; 0: it has none */
    } calls[] = {{"_rebuild_tensor", 4, 0, 0, 0},
                 {"_rebuild_tensor_v2", 6, 5, 0, 6},
                 {"_rebuild_tensor_v3", 7, 5, 6, 7}};
    enum { MOST_ARGS = 8 };
    uint32_t args[MOST_ARGS] = {0};
    struct storage storage = {0};
    *tensor = (struct tensor){0};
    value = without_parameter(reader, value);
    if (torch_value(reader, value)->type == PICKLE_PERSISTENT) {
        if (!read_storage(reader, value, &storage))
            return false;
        *tensor = (struct tensor){
            .type = storage.type, .axes = 1, .shape = {storage.numbers}, .count = storage.numbers};
        *number = storage.number;
        return true;
    }
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        const struct pickle_value *call = torch_value(reader, value);
        if (!is_call(reader, value, "torch._utils", calls[i].name))
            continue;
        const size_t count = items_of(reader, call->node.args, args, MOST_ARGS);
        if (count < calls[i].least || count > calls[i].least + (calls[i].metadata > 0) || call->node.state ||
            call->node.count)
            return not_known(reader, "it has a tensor that is described in a way that is not known");
        if (calls[i].hooks && !is_nothing(reader, args[calls[i].hooks]))
            return not_known(reader, "it has a tensor with hooks");
        if (count > calls[i].least && !is_nothing(reader, args[calls[i].metadata]))
            return not_known(reader, "it has a tensor that is conjugated, negated or otherwise marked");
        if (!read_storage(reader, args[0], &storage))
            return false;
        tensor->type = storage.type;
        if (calls[i].type && !find_type(reader, args[calls[i].type], false, &tensor->type))
            return not_known(reader, "it has a tensor of a type that is not known");
        *number = storage.number;
        const unsigned size = tensor->type.size;
        return read_layout(reader, args, size > 0 ? storage.bytes / size : 0, tensor);
    }
    return false;
}

/* ---- names ----------------------------------------------------------------------------------------- */

static const char *full_name(struct torch_reader *reader)
{
    const char *prefix = reader->prefix;
    reader->names += reader->path_size + strlen(prefix);
    if (reader->names > MOST_NAMES) {
        not_known(reader, "the names of its values take more than 32 MiB");
        return NULL;
    }
    struct mlg_arena *arena = reader->context->arena;
    const char *name = !*prefix                 ? mlg_arena_copy(arena, reader->path, reader->path_size)
                       : reader->path_size == 0 ? prefix
                                                : mlg_arena_format(arena, "%s//%s", prefix, reader->path);
    if (!name)
        stop(reader, PICKLE_NO_MEMORY, "");
    return name;
}

static bool add_leaf(struct torch_reader *reader, uint32_t value, bool is_tensor, size_t storage)
{
    const char *name = full_name(reader);
    if (!name)
        return false;
    if (reader->count == reader->capacity) {
        const size_t capacity = reader->capacity ? reader->capacity * 2 : 64;
        struct torch_leaf *leaves = realloc(reader->leaves, capacity * sizeof *leaves);
        if (!leaves)
            return stop(reader, PICKLE_NO_MEMORY, "");
        reader->leaves = leaves;
        reader->capacity = capacity;
    }
    reader->leaves[reader->count++] = (struct torch_leaf){name, name, value, is_tensor, storage};
    return true;
}

/* Goes one step down; the path is cut off again by who calls. */
static bool step_down(struct torch_reader *reader, const char *step, size_t size)
{
    const bool first = reader->path_size == 0;
    if (!is_utf8(step, size))
        return not_known(reader, "it has a key that is no UTF-8, or has a zero in it");
    if (reader->path_size + size + 2 > MOST_TORCH_NAME)
        return not_known(reader, "it has a name longer than 4,095 bytes");
    if (!first)
        reader->path[reader->path_size++] = '/';
    memcpy(reader->path + reader->path_size, step, size);
    reader->path_size += size;
    reader->path[reader->path_size] = '\0';
    return true;
}

static void step_up(struct torch_reader *reader, size_t path_size)
{
    reader->path_size = path_size;
    reader->path[path_size] = '\0';
}

static bool step_to_item(struct torch_reader *reader, const struct pickle_item *item, uint64_t index)
{
    char number[24];
    const struct pickle_value *key = item->key ? torch_value(reader, item->key) : NULL;
    if (key && key->type == PICKLE_TEXT)
        return step_down(reader, torch_text(reader, key->text), key->text.size);
    if (key && key->type != PICKLE_WHOLE)
        return not_known(reader, "it has a dictionary with keys that are neither texts nor whole numbers");
    const int size = key ? snprintf(number, sizeof number, "%lld", (long long)key->whole)
                         : snprintf(number, sizeof number, "%llu", (unsigned long long)index);
    return step_down(reader, number, (size_t)size);
}

/* What was added from `first` on becomes one part of that name, unless there is a tensor in it. */
static void make_part(struct torch_reader *reader, size_t first, const char *part)
{
    for (size_t i = first; i < reader->count; i++)
        if (reader->leaves[i].is_tensor)
            return;
    for (size_t i = first; i < reader->count; i++)
        reader->leaves[i].part = part;
}

static bool look(struct torch_reader *reader, uint32_t value, unsigned depth);

static bool look_at_items(struct torch_reader *reader, uint32_t value, unsigned depth)
{
    const size_t path_size = reader->path_size;
    uint64_t index = 0;
    bool good = true;
    for (uint32_t i = torch_value(reader, value)->node.first; good && i; i = reader->pickle.items[i].next) {
        const struct pickle_item *item = &reader->pickle.items[i];
        good = step_to_item(reader, item, index) && look(reader, item->value, depth + 1);
        index += item->key == 0;
        step_up(reader, path_size);
    }
    return good;
}

/* What lies under a name of its own: arguments, a state. */
static bool look_under(struct torch_reader *reader, const char *step, uint32_t value, unsigned depth)
{
    const size_t path_size = reader->path_size;
    const bool good = step_down(reader, step, strlen(step)) && look(reader, value, depth + 1);
    step_up(reader, path_size);
    return good;
}

/* The attributes of an object; what PyTorch notes beside a state_dict is one part. */
static bool look_at_state(struct torch_reader *reader, uint32_t state, unsigned depth)
{
    const size_t path_size = reader->path_size;
    bool good = true;
    if (!torch_is_dictionary(reader, state) || torch_value(reader, state)->node.state)
        return look_under(reader, "__state__", state, depth);
    for (uint32_t i = torch_value(reader, state)->node.first; good && i; i = reader->pickle.items[i].next) {
        const struct pickle_item *item = &reader->pickle.items[i];
        const struct pickle_value *key = torch_value(reader, item->key);
        good = step_to_item(reader, item, 0);
        const char *name = good ? full_name(reader) : NULL;
        const size_t first = reader->count;
        good = name && look(reader, item->value, depth + 1);
        if (good && key->type == PICKLE_TEXT && is_text(reader, key->text, "_metadata"))
            make_part(reader, first, name);
        step_up(reader, path_size);
    }
    return good;
}

static bool look_at_container(struct torch_reader *reader, uint32_t value, unsigned depth)
{
    const struct pickle_value *node = torch_value(reader, value);
    const size_t first = reader->count;
    if (node->node.count == 0 && !node->node.state)
        return add_leaf(reader, value, false, 0);
    const bool is_list = !torch_is_dictionary(reader, value);
    const char *name = is_list ? full_name(reader) : NULL;
    if ((is_list && !name) || !look_at_items(reader, value, depth))
        return false;
    if (is_list)
        make_part(reader, first, name);
    return !node->node.state || look_at_state(reader, node->node.state, depth);
}

static bool look_at_object(struct torch_reader *reader, uint32_t value, unsigned depth)
{
    const struct pickle_value *node = torch_value(reader, value);
    const size_t first = reader->count;
    uint32_t size[1] = {0};
    if (is_call(reader, value, "torch", "Size") && items_of(reader, node->node.args, size, 1) == 1 &&
        !node->node.state && !node->node.count)
        return look(reader, size[0], depth + 1);
    if (!add_leaf(reader, value, false, 0) ||
        (torch_value(reader, node->node.args)->node.count > 0 &&
         !look_under(reader, "__args__", node->node.args, depth)) ||
        !look_at_items(reader, value, depth) ||
        (node->node.state && !look_at_state(reader, node->node.state, depth)))
        return false;
    make_part(reader, first, reader->leaves[first].name);
    return true;
}

/* The bytes of a NumPy scalar: as such, or as protocol 2 has them, a text of as many characters. */
static bool read_bytes(const struct torch_reader *reader, uint32_t value, size_t size, unsigned char *bytes)
{
    uint32_t args[2] = {0};
    const struct pickle_value *node = torch_value(reader, value);
    if (node->type == PICKLE_BYTES && node->text.size == size) {
        memcpy(bytes, torch_text(reader, node->text), size);
        return true;
    }
    if (!is_call(reader, value, "_codecs", "encode") || items_of(reader, node->node.args, args, 2) != 2)
        return false;
    const struct pickle_value *text = torch_value(reader, args[0]), *code = torch_value(reader, args[1]);
    if (text->type != PICKLE_TEXT || code->type != PICKLE_TEXT || !is_text(reader, code->text, "latin1"))
        return false;
    const unsigned char *at = reader->pickle.bytes + text->text.offset, *end = at + text->text.size;
    size_t count = 0;
    for (; at < end && count < size; count++) {
        const unsigned char character = *at++;
        if (character < 0x80)
            bytes[count] = character;
        else if ((character & 0xfc) == 0xc0 && at < end && (*at & 0xc0) == 0x80)
            bytes[count] = (unsigned char)((character & 3) << 6 | (*at++ & 0x3f));
        else
            return false;
    }
    return at == end && count == size;
}

/* scalar(dtype, bytes) of NumPy becomes the number that it is. */
static void simplify_scalar(struct torch_reader *reader, uint32_t value)
{
    static const char *const codes[] = {"f8", "f4", "i8", "i4", "b1"};
    uint32_t args[2] = {0}, code[3] = {0}, order[2] = {0};
    struct pickle_value *node = &reader->pickle.values[value];
    if ((!is_call(reader, value, "numpy.core.multiarray", "scalar") &&
         !is_call(reader, value, "numpy._core.multiarray", "scalar")) ||
        node->node.state || items_of(reader, node->node.args, args, 2) != 2 ||
        !is_call(reader, args[0], "numpy", "dtype"))
        return;
    const struct pickle_value *dtype = torch_value(reader, args[0]);
    if (items_of(reader, dtype->node.args, code, 3) == 0 ||
        torch_value(reader, code[0])->type != PICKLE_TEXT || !dtype->node.state ||
        items_of(reader, dtype->node.state, order, 2) < 2 ||
        torch_value(reader, order[1])->type != PICKLE_TEXT ||
        is_text(reader, torch_value(reader, order[1])->text, ">"))
        return;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        unsigned char bytes[8] = {0};
        const size_t size = (size_t)(codes[i][1] - '0');
        if (!is_text(reader, torch_value(reader, code[0])->text, codes[i]) ||
            !read_bytes(reader, args[1], size, bytes))
            continue;
        uint64_t bits = 0;
        uint32_t narrow;
        float single;
        memcpy(&bits, bytes, sizeof bits);
        narrow = (uint32_t)bits;
        memcpy(&single, &narrow, sizeof single);
        *node = (struct pickle_value){.type = codes[i][0] == 'f'   ? PICKLE_FLOAT
                                              : codes[i][0] == 'b' ? PICKLE_BOOL
                                                                   : PICKLE_WHOLE};
        if (codes[i][0] != 'f')
            node->whole = size == 4 ? (int64_t)(int32_t)narrow : (int64_t)bits;
        else if (size == 4)
            node->number = (double)single;
        else
            memcpy(&node->number, &bits, sizeof bits);
        return;
    }
}

/* Adds a tensor. False: it is none, or the reading has ended. */
static bool look_at_tensor(struct torch_reader *reader, uint32_t value)
{
    struct tensor tensor;
    size_t storage = 0;
    if (!torch_tensor(reader, value, &tensor, &storage))
        return false;
    const uint64_t size = reader->archive->size, bytes = tensor.count * tensor.type.size;
    const uint64_t most = size <= LEAST_EXPANSION / MOST_EXPANSION ? LEAST_EXPANSION
                          : size > UINT64_MAX / MOST_EXPANSION     ? UINT64_MAX
                                                                   : size * MOST_EXPANSION;
    if (bytes > most - reader->expanded)
        return not_known(reader, "its tensors repeat what is stored more than 1,000 times");
    reader->expanded += bytes;
    return add_leaf(reader, value, true, storage);
}

/* Adds what lies at and below a value. */
static bool look(struct torch_reader *reader, uint32_t value, unsigned depth)
{
    if (depth > MOST_DEPTH)
        return not_known(reader, "its values lie in each other more than 200 deep");
    if (++reader->looked_at > MOST_LEAVES)
        return not_known(reader, "it has more than 1,048,576 values");
    simplify_scalar(reader, value);
    const enum pickle_type type = torch_value(reader, value)->type;
    if (type < PICKLE_TUPLE)
        return add_leaf(reader, value, false, 0);
    if (type == PICKLE_TUPLE || type == PICKLE_LIST || torch_is_dictionary(reader, value))
        return look_at_container(reader, value, depth);
    return look_at_tensor(reader, value) ||
           (reader->reading == PICKLE_READ && look_at_object(reader, value, depth));
}

int torch_order(const char *a, const char *b)
{
    const size_t x = strlen(a), y = strlen(b);
    return x != y ? (x < y ? -1 : 1) : strcmp(a, b);
}

static int by_name(const void *x, const void *y)
{
    const struct torch_leaf *a = x, *b = y;
    const int order = a->part == b->part ? 0 : strcmp(a->part, b->part);
    return order ? order : torch_order(a->name, b->name);
}

static bool have_names_of_their_own(struct torch_reader *reader)
{
    qsort(reader->leaves, reader->count, sizeof *reader->leaves, by_name);
    for (size_t i = 1; i < reader->count; i++) {
        const struct torch_leaf *a = &reader->leaves[i - 1], *b = &reader->leaves[i];
        if (a->part == b->part ? strcmp(a->name, b->name) == 0 : strcmp(a->part, b->part) == 0) {
            char why[256];
            snprintf(why, sizeof why, "two of its values are called '%.100s'", b->name);
            return not_known(reader, why);
        }
    }
    return true;
}

int torch_read(struct torch_reader *reader)
{
    struct context *context = reader->context;
    const struct torch_archive *archive = reader->archive;
    reader->reading = pickle_read(archive->pickle, archive->pickle_size, &reader->pickle, reader->why);
    if (reader->reading == PICKLE_DAMAGED)
        return mlg_error_set(context->error, MLG_DATA, "'%s' is damaged: its data.pkl %s", archive->path,
                             reader->why);
    if (reader->reading == PICKLE_READ && look(reader, reader->pickle.root, 0))
        have_names_of_their_own(reader);
    if (reader->reading == PICKLE_NO_MEMORY)
        return no_memory(context);
    if (reader->reading == PICKLE_DAMAGED)
        return mlg_error_set(context->error, MLG_DATA, "'%s' is damaged: %s", archive->path, reader->why);
    return 0;
}

void torch_free(struct torch_reader *reader)
{
    pickle_free(&reader->pickle);
    free(reader->leaves);
}
