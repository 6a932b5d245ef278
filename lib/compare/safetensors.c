/* safetensors: a length, a header in JSON, and the bytes of the tensors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "mlgate/number.h"

enum { LENGTH = 8 };

struct entry {
    const char *name; /* arena */
    struct tensor tensor;
    uint64_t end;
};

struct weights {
    struct entry *entries; /* malloc'd, by name */
    size_t count;
    char *header; /* malloc'd */
    struct mlg_json document;
    const struct mlg_json_value *metadata; /* NULL: none */
};

static uint64_t length_of(const unsigned char *bytes)
{
    uint64_t length = 0;
    for (int i = 0; i < LENGTH; i++)
        length |= (uint64_t)bytes[i] << (8 * i);
    return length;
}

bool is_safetensors(const char *path, const unsigned char *bytes, size_t size, uint64_t whole)
{
    if (mlg_text_ends_with(path, ".safetensors"))
        return true;
    if (size < LENGTH + 2)
        return false;
    const uint64_t length = length_of(bytes);
    const unsigned char second = bytes[LENGTH + 1];
    return length >= 2 && length <= MLG_COMPARE_HEADER && length <= whole - LENGTH && bytes[LENGTH] == '{' &&
           (second == '"' || second == '}' || second == ' ');
}

static int damaged(struct context *context, const struct blob *blob, const char *name, const char *what)
{
    return mlg_error_set(context->error, MLG_DATA,
                         *name ? "'%s' is damaged: tensor '%s' %s" : "'%s' is damaged: %s%s", blob->path,
                         name, what);
}

static bool is_text(const struct mlg_json_value *value, const char *text)
{
    return value->type == '"' && value->text_size == strlen(text) &&
           memcmp(value->text, text, value->text_size) == 0;
}

static bool is_key(const struct mlg_json_value *value, const char *key)
{
    return value->key_size == strlen(key) && memcmp(value->key, key, value->key_size) == 0;
}

/* A whole number from 0 on, exactly. */
static bool read_whole(const struct mlg_json_value *value, uint64_t *number)
{
    *number = 0;
    return value->type == '0' && mlg_number_parse_digits(value->text, value->text_size, number);
}

static bool read_type(const struct mlg_json_value *value, struct dtype *type)
{
    static const struct {
        const char *word;
        struct dtype type;
    } rows[] = {
        {"BOOL", {'b', 1, false, "bool"}},
        {"U8", {'u', 1, false, "uint8"}},
        {"I8", {'i', 1, false, "int8"}},
        {"U16", {'u', 2, false, "uint16"}},
        {"I16", {'i', 2, false, "int16"}},
        {"F16", {'f', 2, false, "float16"}},
        {"BF16", {'B', 2, false, "bfloat16"}},
        {"U32", {'u', 4, false, "uint32"}},
        {"I32", {'i', 4, false, "int32"}},
        {"F32", {'f', 4, false, "float32"}},
        {"U64", {'u', 8, false, "uint64"}},
        {"I64", {'i', 8, false, "int64"}},
        {"F64", {'f', 8, false, "float64"}},
        {"C64", {'c', 8, false, "complex64"}},
        {"F8_E4M3", {'V', 1, false, "float8_e4m3"}},
        {"F8_E5M2", {'V', 1, false, "float8_e5m2"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (is_text(value, rows[i].word)) {
            *type = rows[i].type;
            return true;
        }
    return false;
}

static int read_entry(struct context *context, const struct blob *blob, const struct mlg_json_value *values,
                      uint32_t index, uint64_t start, struct entry *entry)
{
    const struct mlg_json_value *value = &values[index];
    bool has_type = false, has_shape = false, has_offsets = false;
    *entry = (struct entry){.name = mlg_arena_copy(context->arena, value->key, value->key_size)};
    if (!entry->name)
        return no_memory(context);
    if (value->type != '{')
        return damaged(context, blob, entry->name, "is not described by an object");
    for (uint32_t i = index + 1; i < value->end; i = values[i].end) {
        const struct mlg_json_value *member = &values[i];
        uint64_t numbers[2] = {0, 0};
        size_t count = 0;
        if (is_key(member, "dtype")) {
            has_type = read_type(member, &entry->tensor.type);
            if (!has_type)
                return damaged(context, blob, entry->name, "has a dtype that is not known");
        } else if (is_key(member, "shape") && !has_shape && member->type == '[') {
            has_shape = true;
            for (uint32_t k = i + 1; k < member->end; k = values[k].end) {
                if (entry->tensor.axes == MOST_AXES)
                    return damaged(context, blob, entry->name, "has more than 32 axes");
                if (!read_whole(&values[k], &entry->tensor.shape[entry->tensor.axes++]))
                    return damaged(context, blob, entry->name, "has a shape that is none");
            }
        } else if (is_key(member, "data_offsets") && !has_offsets && member->type == '[') {
            for (uint32_t k = i + 1; k < member->end; k = values[k].end, count++)
                if (count >= 2 || !read_whole(&values[k], &numbers[count]))
                    return damaged(context, blob, entry->name, "has offsets that are none");
            has_offsets = count == 2 && numbers[0] <= numbers[1] && numbers[1] <= blob->size - start;
            if (!has_offsets)
                return damaged(context, blob, entry->name, "has offsets that lie outside of the file");
            entry->tensor.offset = start + numbers[0];
            entry->end = start + numbers[1];
        } else {
            return damaged(context, blob, entry->name,
                           "is described by more than dtype, shape and data_offsets");
        }
    }
    if (!has_type || !has_shape || !has_offsets)
        return damaged(context, blob, entry->name, "lacks dtype, shape or data_offsets");
    if (!tensor_count(&entry->tensor))
        return damaged(context, blob, entry->name, "has a shape larger than any file");
    if (entry->tensor.count * entry->tensor.type.size != entry->end - entry->tensor.offset)
        return damaged(context, blob, entry->name, "has a shape that does not fit its offsets");
    return 0;
}

static int by_offset(const void *x, const void *y)
{
    const struct entry *a = x, *b = y;
    if (a->tensor.offset != b->tensor.offset)
        return a->tensor.offset < b->tensor.offset ? -1 : 1;
    return (a->end > b->end) - (a->end < b->end); /* empty ones first */
}

static int by_name(const void *x, const void *y)
{
    const struct entry *a = x, *b = y;
    return strcmp(a->name, b->name);
}

/* The tensors lie one behind the other and fill the file; no two have a name. */
static int check_entries(struct context *context, const struct blob *blob, struct weights *weights,
                         uint64_t start)
{
    qsort(weights->entries, weights->count, sizeof *weights->entries, by_offset);
    for (size_t i = 0; i < weights->count; i++) {
        const struct entry *entry = &weights->entries[i];
        if (entry->tensor.offset != start)
            return damaged(context, blob, entry->name,
                           entry->tensor.offset < start ? "overlaps another" : "leaves a gap in front of it");
        start = entry->end;
    }
    if (start != blob->size)
        return damaged(context, blob, "", "bytes that belong to no tensor follow its end");
    qsort(weights->entries, weights->count, sizeof *weights->entries, by_name);
    for (size_t i = 1; i < weights->count; i++)
        if (strcmp(weights->entries[i - 1].name, weights->entries[i].name) == 0)
            return damaged(context, blob, weights->entries[i].name, "stands twice");
    return 0;
}

/* Texts by their keys. */
static int read_metadata(struct context *context, const struct blob *blob,
                         const struct mlg_json_value *values, uint32_t index, struct weights *weights)
{
    bool good = values[index].type == '{' && !weights->metadata;
    for (uint32_t k = index + 1; good && k < values[index].end; k = values[k].end)
        good = values[k].type == '"';
    weights->metadata = &values[index];
    return good ? 0 : damaged(context, blob, "", "its metadata are no texts");
}

static int read_weights(struct context *context, struct blob *blob, struct weights *weights)
{
    unsigned char first[LENGTH];
    char why[160];
    if (blob->size < LENGTH)
        return damaged(context, blob, "", "it is cut short");
    int code = blob_read(blob, 0, first, LENGTH, context->error);
    const uint64_t length = code ? 0 : length_of(first);
    if (!code && (length > MLG_COMPARE_HEADER || length > blob->size - LENGTH))
        return damaged(context, blob, "",
                       length > MLG_COMPARE_HEADER ? "its header is longer than 100 MiB"
                                                   : "its header is cut short");
    weights->header = code ? NULL : malloc((size_t)length + 1);
    if (!code && !weights->header)
        code = no_memory(context);
    if (!code)
        code = blob_read(blob, LENGTH, weights->header, (size_t)length, context->error);
    if (code)
        return code;
    if (!json_read(weights->header, (size_t)length, 1, &weights->document, why))
        return damaged(context, blob, "", "its header is no JSON");
    const struct mlg_json_value *values = weights->document.values;
    if (values[0].type != '{')
        return damaged(context, blob, "", "its header is no object");
    size_t count = 0;
    for (uint32_t i = 1; i < values[0].end; i = values[i].end)
        count++;
    if (count > MLG_COMPARE_MEMBERS)
        return mlg_error_set(context->error, MLG_LIMIT, "'%s' holds more than %d tensors", blob->path,
                             MLG_COMPARE_MEMBERS);
    weights->entries = calloc(count + 1, sizeof *weights->entries);
    if (!weights->entries)
        return no_memory(context);
    for (uint32_t i = 1; !code && i < values[0].end; i = values[i].end)
        if (is_key(&values[i], "__metadata__"))
            code = read_metadata(context, blob, values, i, weights);
        else
            code = read_entry(context, blob, values, i, LENGTH + length, &weights->entries[weights->count++]);
    return code ? code : check_entries(context, blob, weights, LENGTH + length);
}

static void free_weights(struct weights *weights)
{
    free(weights->entries);
    free(weights->header);
    mlg_json_free(&weights->document);
}

/* Texts beside the tensors; each is an element. */
static int compare_metadata(struct context *context, const char *name, const struct weights *a,
                            const struct weights *b)
{
    struct blob x, y;
    const struct weights *both[] = {a, b};
    struct blob *blobs[] = {&x, &y};
    bool is_json;
    const char *part = inner_name(context, name, "__metadata__");
    if (!part || (!a->metadata && !b->metadata))
        return part ? 0 : no_memory(context);
    if (!a->metadata || !b->metadata)
        return only_one(context, part, a->metadata != NULL, MLG_PART_JSON, NULL);
    for (int i = 0; i < 2; i++) { /* as a document of its own */
        const struct mlg_json_value *value = both[i]->metadata;
        const struct mlg_json_value *values = both[i]->document.values;
        const uint32_t index = (uint32_t)(value - values);
        struct mlg_builder text;
        mlg_builder_init(&text, 0);
        mlg_put(&text, "{");
        for (uint32_t k = index + 1; k < value->end; k = values[k].end)
            mlg_put_format(&text, "%s\"%.*s\":\"%.*s\"", k > index + 1 ? "," : "", (int)values[k].key_size,
                           values[k].key ? values[k].key : "", (int)values[k].text_size,
                           values[k].text ? values[k].text : "");
        mlg_put(&text, "}");
        char *bytes = text.failed ? NULL : strdup(text.data);
        const size_t size = text.size;
        mlg_builder_free(&text);
        if (!bytes) {
            if (i == 1)
                blob_close(&x);
            return no_memory(context);
        }
        blob_hold(blobs[i], part, bytes, size);
    }
    int code = compare_json(context, part, &x, &y, false, &is_json);
    blob_close(&x);
    blob_close(&y);
    return code;
}

/* The bytes of a tensor, a window at a time. */
static int put_bytes_meaning(struct context *context, struct blob *blob, const struct entry *entry,
                             struct mlg_builder *out)
{
    enum { WINDOW = 1 << 20 };
    char *window = malloc(WINDOW), sha256[65];
    int code = window ? 0 : no_memory(context);
    for (uint64_t at = entry->tensor.offset; !code && at < entry->end; at += WINDOW) {
        const size_t size = entry->end - at < WINDOW ? (size_t)(entry->end - at) : WINDOW;
        code = blob_read(blob, at, window, size, context->error);
        if (code)
            break;
        mlg_sha256(window, size, sha256);
        mlg_put_format(out, " %s", sha256);
    }
    mlg_put(out, "\n");
    free(window);
    return code;
}

int put_safetensors_meaning(struct context *context, const char *name, struct blob *blob,
                            struct mlg_builder *out)
{
    struct weights weights = {0};
    int code = read_weights(context, blob, &weights);
    mlg_put(out, "safetensors\n");
    for (size_t i = 0; !code && i < weights.count; i++) {
        const struct entry *entry = &weights.entries[i];
        const char *what = tensor_what(context, &entry->tensor);
        const char *part = inner_name(context, name, entry->name);
        if (!part) {
            code = no_memory(context);
        } else if (!is_ignored(context, part)) {
            context->is_told = true;
            mlg_put_format(out, "%zu %s %s", strlen(entry->name), entry->name, what ? what : "");
            code = what ? put_bytes_meaning(context, blob, entry, out) : no_memory(context);
        }
    }
    const char *part = inner_name(context, name, "__metadata__");
    if (!code && !part)
        code = no_memory(context);
    if (!code && weights.metadata && !is_ignored(context, part))
        code = put_values_meaning(context, &weights.document,
                                  (uint32_t)(weights.metadata - weights.document.values), out);
    free_weights(&weights);
    return code;
}

int compare_safetensors(struct context *context, const char *name, struct blob *a, struct blob *b)
{
    struct weights x = {0}, y = {0};
    int code = read_weights(context, a, &x);
    if (!code)
        code = read_weights(context, b, &y);
    size_t i = 0, k = 0;
    while (!code && (i < x.count || k < y.count)) {
        const int order = i == x.count ? 1 : k == y.count ? -1 : strcmp(x.entries[i].name, y.entries[k].name);
        const struct entry *entry = order <= 0 ? &x.entries[i] : &y.entries[k];
        const char *part = inner_name(context, name, entry->name);
        if (!part)
            code = no_memory(context);
        else if (order == 0)
            code = compare_tensors(context, part, a, &x.entries[i].tensor, b, &y.entries[k].tensor);
        else
            code = only_one(context, part, order < 0, MLG_PART_TENSOR, tensor_what(context, &entry->tensor));
        i += order <= 0;
        k += order >= 0;
    }
    if (!code)
        code = compare_metadata(context, name, &x, &y);
    free_weights(&x);
    free_weights(&y);
    return code;
}
