/* onnx_tensors: two tensors of ONNX models, whether their values are numbers, texts or sparse. */
#include <string.h>

#include "onnx.h"

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
    struct blob own[2] = {0}, *blobs[2] = {models->blobs[0], models->blobs[1]};
    if (!is_alike(&a->tensor, &b->tensor)) /* told without a look at them */
        return compare_tensors(context, name, blobs[0], &a->tensor, blobs[1], &b->tensor);
    int code = onnx_open_values(context, a, blobs[0], &models->data[0], &own[0], &blobs[0]);
    if (!code)
        code = onnx_open_values(context, b, blobs[1], &models->data[1], &own[1], &blobs[1]);
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
        code = part ? onnx_compare_tensor(models, part, x.bytes, y.bytes) : failed(models->context);
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
