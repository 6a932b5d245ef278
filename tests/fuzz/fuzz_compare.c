/* Any bytes as two artefacts: they are compared or refused, with a sentence; a file is the same as itself; A
 * against B says what B against A says; the parts add up to the total.
 *
 * The first two bytes of the input choose the name, the options and how the rest becomes two files: cut in
 * two behind so many bytes as the next two say, or one file and the same with one bit changed. Or both are
 * pickles, each in a file as PyTorch writes it, with two storages; or ONNX models, with a file beside them.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/compare.h"
#include "world_memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

struct outcome {
    struct mlg_arena arena;
    struct mlg_comparison comparison;
    int code;
};

static void judge(struct outcome *outcome, const char *a, const char *b)
{
    const struct mlg_comparison *comparison = &outcome->comparison;
    uint64_t elements = 0, differ = 0, beyond = 0, parts = 0;
    for (size_t i = 0; i < comparison->part_count; i++) {
        const struct mlg_part *part = &comparison->parts[i];
        demand(part->name && part->distance.differ <= part->distance.elements);
        demand(part->distance.beyond <= part->distance.differ);
        demand(part->place_count <= MLG_COMPARE_PLACES);
        demand(part->verdict <= MLG_PART_SAME || part->distance.beyond > 0 || part->distance.undefined);
        demand(part->verdict > MLG_PART_SAME || part->distance.beyond == 0);
        demand(i == 0 || strcmp(comparison->parts[i - 1].name, part->name) <= 0);
        elements += part->distance.elements;
        differ += part->distance.differ;
        beyond += part->distance.beyond;
    }
    for (int i = 0; i < MLG_PART_VERDICT_COUNT; i++)
        parts += comparison->counts[i];
    demand(parts == comparison->part_count && parts > 0);
    demand(elements == comparison->total.elements && differ == comparison->total.differ);
    demand(beyond == comparison->total.beyond && (beyond == 0 || !comparison->same));
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    mlg_comparison_put_text(comparison, NULL, a, b, &out);
    mlg_comparison_put_json(comparison, NULL, a, b, &out);
    demand(!out.failed);
    mlg_builder_free(&out);
}

static void compare(struct world_memory *memory, const char *a, const char *b,
                    const struct mlg_compare_options *options, struct outcome *outcome)
{
    struct mlg_error error = {0};
    mlg_arena_init(&outcome->arena, 0);
    outcome->code =
        mlg_compare_files(&memory->world, a, b, options, &outcome->arena, &outcome->comparison, &error);
    demand(outcome->code == (int)error.code && outcome->code != MLG_INTERNAL);
    demand((outcome->code != 0) == (error.text[0] != '\0'));
    if (!outcome->code)
        judge(outcome, a, b);
}

static void put_member(struct mlg_builder *out, const char *name, const void *bytes, size_t size)
{
    enum { BLOCK = 512 };
    static const char zeros[BLOCK];
    char header[BLOCK] = "";
    unsigned sum = 0;
    snprintf(header, 100, "m/%s", name);
    memcpy(header + 100, "0000644\0000001000\0000001000\0", 24);
    snprintf(header + 124, 12, "%011zo", size);
    memcpy(header + 136, "00000000000\0        0", 21);
    memcpy(header + 257, "ustar\00000", 8);
    for (size_t i = 0; i < BLOCK; i++)
        sum += (unsigned char)header[i];
    snprintf(header + 148, 8, "%06o", sum);
    mlg_put_bytes(out, header, BLOCK);
    mlg_put_bytes(out, bytes, size);
    mlg_put_bytes(out, zeros, (BLOCK - size % BLOCK) % BLOCK);
}

/* A tar archive will do: a zip file has checksums, which no fuzzer meets. */
static void put_torch(struct world_memory *memory, const char *path, const uint8_t *pickle, size_t size,
                      bool big)
{
    enum { BYTES = 48 };
    static const char zeros[1024];
    unsigned char storage[BYTES];
    struct mlg_builder out;
    for (unsigned i = 0; i < BYTES; i++)
        storage[i] = (unsigned char)(i * 37);
    mlg_builder_init(&out, 0);
    put_member(&out, "data.pkl", pickle, size);
    put_member(&out, "byteorder", big ? "big" : "little", big ? 3 : 6);
    put_member(&out, "data/0", storage, BYTES);
    put_member(&out, "data/1", storage, BYTES);
    put_member(&out, "version", "3\n", 2);
    mlg_put_bytes(&out, zeros, sizeof zeros);
    demand(!out.failed);
    world_memory_put(memory, path, WORLD_MEMORY_FILE, out.data, out.size);
    mlg_builder_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const endings[] = {"",     ".json",        ".jsonl", ".csv",
                                          ".npy", ".safetensors", ".pkl",   ".tar.gz"};
    enum { LONGEST = 1 << 16 };
    if (size < 4 || size > LONGEST)
        return 0;
    const uint8_t choice = data[0], position = data[1];
    const size_t first = (size_t)data[2] | (size_t)data[3] << 8;
    data += 4;
    size -= 4;
    char a[32], b[32];
    const char *ignore[] = {"/a", "*.txt"};
    const struct mlg_compare_options options = {
        .id = choice & 8 ? "a" : NULL, .ignore = ignore, .ignore_count = choice & 32 ? 2 : 0};
    strcpy(a, "a");
    strcpy(b, "b");
    const bool are_models = (choice & 192) == 128;
    const char *ending = are_models ? ".onnx" : choice & 64 ? ".pt" : endings[choice & 7];
    strcat(a, ending);
    strcat(b, ending);
    const bool changed = choice & 16;
    const size_t size_a = changed || first > size ? size : first, size_b = changed ? size : size - size_a;
    uint8_t *copy = malloc(size_b + 1);
    demand(copy != NULL);
    if (size_b > 0)
        memcpy(copy, changed ? data : data + size_a, size_b);
    if (changed && size_b > 0)
        copy[size_b * position / 256] ^= 1;
    struct world_memory memory;
    world_memory_init(&memory);
    if (are_models) {
        static const char beside[48] = "values";
        world_memory_paths(&memory);
        world_memory_put(&memory, "w", WORLD_MEMORY_FILE, beside, sizeof beside);
        world_memory_put(&memory, "link", WORLD_MEMORY_LINK, "w", 1);
        world_memory_put(&memory, "out", WORLD_MEMORY_LINK, "/out/side", 9);
        world_memory_put(&memory, "/out/side", WORLD_MEMORY_UNREADABLE, "", 0); /* and is never opened */
    }
    if (choice & 64) {
        put_torch(&memory, a, data, size_a, choice & 128);
        put_torch(&memory, b, copy, size_b, choice & 128);
    } else {
        world_memory_put(&memory, a, WORLD_MEMORY_FILE, data, size_a);
        world_memory_put(&memory, b, WORLD_MEMORY_FILE, copy, size_b);
    }
    struct outcome forth, back, self;
    compare(&memory, a, b, &options, &forth);
    compare(&memory, b, a, &options, &back);
    compare(&memory, a, a, &options, &self);
    demand((forth.code == 0) == (back.code == 0));
    demand(!are_models ||
           (forth.code != MLG_WORLD && back.code != MLG_WORLD)); /* nothing outside is opened */
    demand(self.code != 0 || (self.comparison.same && self.comparison.identical_bytes));
    if (!forth.code) {
        const struct mlg_comparison *x = &forth.comparison, *y = &back.comparison;
        demand(x->same == y->same && x->identical_bytes == y->identical_bytes);
        demand(x->part_count == y->part_count && x->total.differ == y->total.differ);
        demand(x->counts[MLG_PART_ONLY_A] == y->counts[MLG_PART_ONLY_B]);
        demand(x->total.max_ulp == y->total.max_ulp);
        demand(x->total.max_abs_difference <= y->total.max_abs_difference);
        demand(x->total.max_abs_difference >= y->total.max_abs_difference);
    }
    mlg_arena_free(&forth.arena);
    mlg_arena_free(&back.arena);
    mlg_arena_free(&self.arena);
    world_memory_free(&memory);
    free(copy);
    return 0;
}
