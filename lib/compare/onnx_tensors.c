/* onnx_tensors: two tensors of ONNX models, whether their values are numbers, texts, sparse or elsewhere. */
#include <string.h>

#include "onnx.h"

static struct wire entry_of(struct wire message, const char *key)
{
    struct wire_field entry, field;
    while (wire_next_of(&message, TENSOR_EXTERNAL, &entry))
        if (wire_last_of(entry.bytes, ENTRY_KEY, &field) && wire_size(field.bytes) == strlen(key) &&
            memcmp(field.bytes.at, key, strlen(key)) == 0) {
            wire_last_of(entry.bytes, ENTRY_VALUE, &field);
            return field.bytes;
        }
    return (struct wire){0};
}

/* Where values lie in another file: that these places are the same is all that can be said. */
static int compare_external(struct onnx_models *models, const char *name, const struct onnx_values *a,
                            const struct onnx_values *b)
{
    static const char *const keys[] = {"location", "offset", "length", "checksum"};
    struct context *context = models->context;
    struct tally tally;
    int code = tally_begin(&tally, context, name, MLG_PART_TENSOR);
    if (code)
        return code;
    tally.part.what = tensor_what(context, &a->tensor);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        onnx_tally_word(&tally, keys[i], ONNX_NO_INDEX, entry_of(a->message, keys[i]), a->is_external,
                        entry_of(b->message, keys[i]), b->is_external);
    if (tally.part.distance.beyond > 0)
        return tally_end_as(&tally, MLG_PART_OPAQUE,
                            "its values lie in another file, which is not looked at");
    tally.other_bytes = true; /* for all that is known */
    tally.part.distance.undefined = named(context, name, "lies in another file, which is not looked at");
    const struct wire location = entry_of(a->message, "location");
    return unseen(context, name, (const char *)location.at, wire_size(location)) || tally_end(&tally);
}

static bool is_alike(const struct tensor *a, const struct tensor *b)
{
    bool same = a->axes == b->axes && strcmp(a->type.name, b->type.name) == 0;
    for (size_t i = 0; same && i < a->axes; i++)
        same = a->shape[i] == b->shape[i];
    return same;
}

int onnx_compare_values(struct onnx_models *models, const char *name, struct onnx_values *a,
                        struct onnx_values *b)
{
    struct context *context = models->context;
    struct blob own[2], *blobs[2] = {models->blobs[0], models->blobs[1]};
    if (!is_alike(&a->tensor, &b->tensor)) /* told without a look at them */
        return compare_tensors(context, name, blobs[0], &a->tensor, blobs[1], &b->tensor);
    int code = onnx_open_values(context, a, blobs[0], &own[0], &blobs[0]);
    if (code)
        return code;
    code = onnx_open_values(context, b, blobs[1], &own[1], &blobs[1]);
    if (!code)
        code = compare_tensors(context, name, blobs[0], &a->tensor, blobs[1], &b->tensor);
    blob_close(&own[0]);
    blob_close(&own[1]);
    return code;
}

int onnx_compare_tensor(struct onnx_models *models, const char *name, struct wire message_a,
                        struct wire message_b)
{
    struct context *context = models->context;
    struct onnx_values a, b;
    struct tally tally;
    const char *why;
    onnx_find_tensor(message_a, &a, &why);
    onnx_find_tensor(message_b, &b, &why);
    const bool is_known = a.is_known && b.is_known;
    if (is_ignored(context, name))
        return 0;
    int code = onnx_compare_rest(models, name, ONNX_TENSOR, !is_known, message_a, message_b);
    if (code || !is_known)
        return code;
    const bool are_alike = is_alike(&a.tensor, &b.tensor);
    if (are_alike && (a.is_external || b.is_external))
        return compare_external(models, name, &a, &b);
    if (!are_alike || !a.is_text)
        return onnx_compare_values(models, name, &a, &b);
    code = tally_begin(&tally, context, name, MLG_PART_TENSOR);
    if (code)
        return code;
    tally.part.what = tensor_what(context, &a.tensor);
    onnx_tally_texts(&tally, "", TENSOR_TEXTS, message_a, message_b);
    return onnx_end_words(&tally);
}

int onnx_compare_sparse(struct onnx_models *models, const char *name, struct wire a, struct wire b)
{
    static const struct {
        uint32_t field;
        const char *word;
    } halves[] = {{SPARSE_VALUES, "/values"}, {SPARSE_INDICES, "/indices"}};
    struct tally tally;
    int code = 0;
    if (!is_ignored(models->context, name)) {
        code = tally_begin(&tally, models->context, name, MLG_PART_GRAPH);
        if (!code)
            code = onnx_tally_fields(models, &tally, ONNX_SPARSE, ONNX_NO_INDEX, a, b);
        if (!code)
            code = onnx_end_words(&tally);
    }
    for (size_t i = 0; !code && i < sizeof halves / sizeof *halves; i++) {
        struct wire_field x, y;
        const char *part = onnx_name_of(models, name, "%s", halves[i].word);
        wire_last_of(a, halves[i].field, &x);
        wire_last_of(b, halves[i].field, &y);
        code = part ? onnx_compare_tensor(models, part, x.bytes, y.bytes) : onnx_failed(models);
    }
    return code;
}

int onnx_only_tensor(struct onnx_models *models, const char *name, bool in_a, struct wire message)
{
    struct onnx_values values;
    const char *why;
    onnx_find_tensor(message, &values, &why);
    return only_one(models->context, name, in_a, MLG_PART_TENSOR,
                    values.is_known ? tensor_what(models->context, &values.tensor) : NULL);
}
