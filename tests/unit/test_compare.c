/* Two artefacts by meaning: what is the same whatever its bytes, what differs and where, what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../lib/data/unarchive.h"
#include "compared.h"
#include "named_rows.h"

#ifndef MLG_SOURCE_DIR
#define MLG_SOURCE_DIR "."
#endif

/* ---- files, written down --------------------------------------------------------------------------- */

static void put_little(struct mlg_builder *out, uint64_t value, int size)
{
    for (int i = 0; i < size; i++)
        mlg_put_bytes(out, (const char[]){(char)(value >> (8 * i))}, 1);
}

/* One number as `type` ("f4", ">f8", "i8", "u1", "b1", "B2": bfloat16) has it; "nan", "-0", "inf", "1ulp":
 * the number after 1. */
static void put_value(struct mlg_builder *out, const char *type, const char *word)
{
    const bool big = *type == '>';
    type += strchr("<>|", *type) != NULL;
    const int size = type[1] - '0';
    if (*type == 'O') {
        mlg_put(out, word);
        return;
    }
    if (*type == 'S') {
        char text[16] = "";
        snprintf(text, sizeof text, "%s", word);
        mlg_put_bytes(out, text, (size_t)size);
        return;
    }
    const bool ulp = strcmp(word, "1ulp") == 0;
    const double value = ulp ? 1 : strtod(word, NULL);
    uint64_t bits = 0;
    if (type[0] == 'f' && size == 8)
        memcpy(&bits, &value, 8);
    else if (type[0] == 'f' || type[0] == 'B')
        memcpy(&bits, &(float){(float)value}, 4);
    else
        bits = (uint64_t)strtoll(word, NULL, 10);
    bits = type[0] == 'B' ? bits >> 16 : bits;
    bits += ulp;
    for (int i = 0; i < size; i++)
        mlg_put_bytes(out, (const char[]){(char)(bits >> (8 * (big ? size - 1 - i : i)))}, 1);
}

static void put_values(struct mlg_builder *out, const char *type, const char *words)
{
    char copy[1024], *save = NULL;
    snprintf(copy, sizeof copy, "%s", words);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save))
        put_value(out, type, word);
}

static void put_npy(struct mlg_builder *out, const char *text)
{
    char type[64], shape[64], values[1024] = "", header[256];
    const bool fortran = *text == 'F', second = *text == '2';
    sscanf(text + (fortran || second), "%63s %63s %1023[^\n]", type, shape, values);
    snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': %s, 'shape': %s, }%s\n", type,
             fortran ? "True" : "False", shape, second ? "      " : "");
    mlg_put_bytes(out, second ? "\x93NUMPY\2" : "\x93NUMPY\1", 7);
    mlg_put_bytes(out, "", 1);
    put_little(out, strlen(header), second ? 4 : 2);
    mlg_put(out, header);
    put_values(out, type, values);
}

static uint32_t crc(const char *bytes, size_t size)
{
    uint32_t sum = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        sum ^= (unsigned char)bytes[i];
        for (int k = 0; k < 8; k++)
            sum = sum >> 1 ^ (sum & 1 ? UINT32_C(0xedb88320) : 0);
    }
    return ~sum;
}

static void put_file(struct mlg_builder *out, const char *text);

static void put_zip_fields(struct mlg_builder *out, const struct mlg_builder *content, unsigned time,
                           const char *name)
{
    put_little(out, 20, 2);
    put_little(out, 0, 4); /* flags, stored */
    put_little(out, time, 2);
    put_little(out, 0x21 + time % 7, 2);
    put_little(out, crc(content->data, content->size), 4);
    put_little(out, content->size, 4);
    put_little(out, content->size, 4);
    put_little(out, strlen(name), 2);
}

static void put_tar_member(struct mlg_builder *out, const char *name, const struct mlg_builder *content,
                           unsigned time)
{
    char header[512] = "";
    unsigned sum = 0;
    snprintf(header, 100, "%s", name);
    memcpy(header + 100, "0000644\0000001000\0000001000\0", 24);
    snprintf(header + 124, 12, "%011zo", content->size);
    snprintf(header + 136, 12, "%011o", time);
    memcpy(header + 148, "        0", 9);
    memcpy(header + 257, "ustar\00000", 8);
    for (size_t i = 0; i < sizeof header; i++)
        sum += (unsigned char)header[i];
    snprintf(header + 148, 8, "%06o", sum);
    mlg_put_bytes(out, header, sizeof header);
    mlg_put_bytes(out, content->data, content->size);
    static const char zeros[512];
    mlg_put_bytes(out, zeros, (512 - content->size % 512) % 512);
}

/* "TIME NAME=FILE | NAME=FILE": members of a zip or tar archive. */
static void put_archive(struct mlg_builder *out, const char *text, bool tar)
{
    char copy[4096], *save = NULL;
    struct mlg_builder directory;
    const unsigned time = (unsigned)strtoul(text, NULL, 10);
    unsigned count = 0;
    mlg_builder_init(&directory, 0);
    mlg_put(&directory, "");
    const char *members = strchr(text, ' ');
    snprintf(copy, sizeof copy, "%s", members ? members + 1 : "");
    for (char *name = strtok_r(copy, "|", &save); name; name = strtok_r(NULL, "|", &save)) {
        char *file = strchr(name, '=');
        struct mlg_builder content;
        assert_non_null(file);
        *file++ = '\0';
        mlg_builder_init(&content, 0);
        mlg_put(&content, "");
        put_file(&content, file);
        if (tar) {
            put_tar_member(out, name, &content, time);
        } else {
            const size_t offset = out->size;
            mlg_put_bytes(out, "PK\3\4", 4);
            put_zip_fields(out, &content, time, name);
            put_little(out, 0, 2);
            mlg_put(out, name);
            mlg_put_bytes(out, content.data, content.size);
            mlg_put_bytes(&directory, "PK\1\2\24\0", 6);
            put_zip_fields(&directory, &content, time, name);
            put_little(&directory, 0, 8); /* extra, comment, disk, attributes */
            put_little(&directory, 0, 4);
            put_little(&directory, offset, 4);
            mlg_put(&directory, name);
        }
        count++;
        mlg_builder_free(&content);
    }
    const size_t start = out->size;
    static const char zeros[1024];
    if (tar) {
        mlg_put_bytes(out, zeros, sizeof zeros);
    } else {
        mlg_put_bytes(out, directory.data, directory.size);
        mlg_put_bytes(out, "PK\5\6\0\0\0\0", 8);
        put_little(out, count, 2);
        put_little(out, count, 2);
        put_little(out, directory.size, 4);
        put_little(out, start, 4);
        put_little(out, 0, 2);
    }
    mlg_builder_free(&directory);
}

/* "HEADER # TYPE VALUES ..." */
static void put_safetensors(struct mlg_builder *out, const char *text)
{
    const char *mark = strchr(text, '#');
    assert_non_null(mark);
    put_little(out, (uint64_t)(mark - text), 8);
    mlg_put_bytes(out, text, (size_t)(mark - text));
    char type[8];
    int used = 0;
    if (sscanf(mark + 1, "%7s%n", type, &used) == 1)
        put_values(out, type, mark + 1 + used);
}

/* A file of tests/unit/data/torch. */
static void put_torch(struct mlg_builder *out, const char *name)
{
    char path[1024], bytes[4096];
    size_t got;
    snprintf(path, sizeof path, "%s/tests/unit/data/torch/%s.pt", MLG_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    while ((got = fread(bytes, 1, sizeof bytes, file)) > 0)
        mlg_put_bytes(out, bytes, got);
    fclose(file);
}

/* "npy:", "zip:", "tar:", "st:", "pt:", "hex:"; anything else is the text itself. A "~7" in front cuts off 7
 * bytes.
 */
static void put_file(struct mlg_builder *out, const char *text)
{
    size_t cut = 0;
    int used = 0;
    if (sscanf(text, "~%zu %n", &cut, &used) == 1)
        text += used;
    if (strncmp(text, "npy:", 4) == 0)
        put_npy(out, text + 4);
    else if (strncmp(text, "zip:", 4) == 0 || strncmp(text, "tar:", 4) == 0)
        put_archive(out, text + 4, *text == 't');
    else if (strncmp(text, "st:", 3) == 0)
        put_safetensors(out, text + 3);
    else if (strncmp(text, "pt:", 3) == 0)
        put_torch(out, text + 3);
    else if (strncmp(text, "hex:", 4) == 0)
        for (text += 4; text[0] && text[1]; text += 2) {
            unsigned byte;
            assert_int_equal(sscanf(text, "%2x", &byte), 1);
            mlg_put_bytes(out, (const char[]){(char)byte}, 1);
        }
    else
        mlg_put(out, text);
    out->size -= cut;
}

static void add_file(struct world_memory *memory, const char *path, const char *text)
{
    struct mlg_builder out;
    mlg_builder_init(&out, 0);
    mlg_put(&out, "");
    put_file(&out, text);
    assert_false(out.failed);
    world_memory_put(memory, path, WORLD_MEMORY_FILE, out.data, out.size);
    mlg_builder_free(&out);
}

/* ---- rows ---------------------------------------------------------------------------------------------- */

static struct row {
    const char *name;
    const char *a, *b;           /* files */
    const char *path_a, *path_b; /* NULL: "a", "b" */
    double absolute, relative;
    const char *ignore, *id;
    const char *told; /* parts; or the error */
    bool same;
    const char *note; /* the first; NULL: not asked about */
    bool digested;    /* with `ignore`: their digests are the same, too */
} rows[] = {
    /* What is the same. */
    {.name = "the same bytes are the same, whatever they are",
     .a = "hex:00ff01",
     .b = "hex:00ff01",
     .told = "file identical",
     .same = true},
    {.name = "two empty files are the same", .a = "", .b = "", .told = "file identical", .same = true},
    {.name = "time stamps of an npz are of no matter",
     .a = "zip:1 w.npy=npy:<f4 (2,) 1 2|b.npy=npy:<f8 () 3",
     .b = "zip:9 w.npy=npy:<f4 (2,) 1 2|b.npy=npy:<f8 () 3",
     .told = "b identical; w identical",
     .same = true},
    {.name = "the order of members is of no matter",
     .a = "zip:1 w.npy=npy:<f4 (2,) 1 2|b.npy=npy:<f8 () 3|c.npy=npy:<i4 (1,) 3",
     .b = "zip:1 c.npy=npy:<i4 (1,) 3|b.npy=npy:<f8 () 3|w.npy=npy:<f4 (2,) 1 3",
     .told = "b identical; c identical; w different 1/2 abs 1 ulp 4194304 at w[1]: 2, 3"},
    {.name = "a top directory that all members share is of no matter",
     .a = "zip:1 one/data/0=hex:0102|one/version=3",
     .b = "zip:1 two/data/0=hex:0102|two/version=3",
     .told = "data/0 identical; version identical",
     .same = true},
    {.name = "a top directory on one side only is of no matter",
     .a = "tar:1 run/x.txt=a|run/y.txt=b",
     .b = "tar:1 x.txt=a|y.txt=b",
     .told = "x.txt identical; y.txt identical",
     .same = true},
    {.name = "in an npz it is part of the name",
     .a = "zip:1 encoder/w.npy=npy:<f4 (1,) 1",
     .b = "zip:1 decoder/w.npy=npy:<f4 (1,) 1",
     .told = "decoder/w only_in_b; encoder/w only_in_a"},
    {.name = "a tar archive and a zip archive of the same members are the same",
     .a = "tar:1 x.txt=a|y.txt=b",
     .b = "zip:1 y.txt=b|x.txt=a",
     .told = "x.txt identical; y.txt identical",
     .same = true},
    {.name = "archives in archives are looked into",
     .a = "tar:1 in.zip=zip:1 w.npy=npy:<i8 (2,) 1 2",
     .b = "tar:1 in.zip=zip:2 w.npy=npy:<i8 (2,) 1 3",
     .told = "in.zip//w different 1/2 abs 1 ulp 1 at in.zip//w[1]: 2, 3"},
    {.name = "an ONNX model in an archive is compared by meaning, too",
     .a = "zip:1 m.onnx=hex:08083a00",
     .b = "zip:1 m.onnx=hex:08083a0012013f",
     .told = "m.onnx//model identical",
     .same = true,
     .note = "of an ONNX model these differ and are left out: producer_name"},
    {.name = "the identifier that PyTorch draws anew is left out",
     .a = "zip:1 m/data.pkl=x|m/.data/serialization_id=1",
     .b = "zip:1 m/data.pkl=x|m/.data/serialization_id=2",
     .told = "data.pkl identical",
     .same = true,
     .note = "'.data/serialization_id' of a PyTorch file is left out"},
    {.name = "an empty archive lacks every member", .a = "zip:1 ", .b = "tar:1 x=1", .told = "x only_in_b"},

    /* Files of PyTorch: see tests/unit/data/torch/make. */
    {.name = "tensors of a PyTorch file are compared by their names",
     .a = "pt:weights-moved",
     .b = "pt:weights",
     .told = "fc.bias identical; fc.weight different 1/6 abs 0.5 ulp 1048576 at fc.weight[1, 2]: 6.5, 6"},
    {.name = "the same weights are the same in another order, in a shared storage, transposed, as parameters",
     .a = "pt:otherwise",
     .b = "pt:weights",
     .told = "fc.bias identical; fc.weight identical",
     .same = true},
    {.name = "a place of a transposed tensor is told by its indices",
     .a = "pt:otherwise",
     .b = "pt:weights-moved",
     .told = "fc.bias identical; fc.weight different 1/6 abs 0.5 ulp 1048576 at fc.weight[1, 2]: 6, 6.5"},
    {.name = "another protocol of the pickle is of no matter",
     .a = "pt:protocol-4",
     .b = "pt:weights",
     .told = "fc.bias identical; fc.weight identical",
     .same = true},
    {.name =
         "other names of storages, another stem and what newer versions write beside them are of no matter",
     .a = "pt:newer",
     .b = "pt:weights",
     .told = "fc.bias identical; fc.weight identical",
     .same = true,
     .note = "'.data/serialization_id' of a PyTorch file is left out"},
    {.name = "a PyTorch file of a machine with the other byte order is no difference",
     .a = "pt:big-endian",
     .b = "pt:weights",
     .told = "fc.bias same; fc.weight same",
     .same = true},
    {.name = "a byte order that is none is damage",
     .a = "pt:middle-endian",
     .b = "pt:weights",
     .told = "'a' is damaged: its byteorder is neither 'little' nor 'big'"},
    {.name = "a tolerance holds for tensors of a PyTorch file",
     .a = "pt:weights-moved",
     .b = "pt:weights",
     .absolute = 0.5,
     .told = "fc.bias identical; fc.weight same 1/6 abs 0.5 ulp 1048576 at fc.weight[1, 2]: 6.5, 6",
     .same = true},
    {.name = "a tensor of a PyTorch file is left out by its name",
     .a = "pt:weights-moved",
     .b = "pt:weights",
     .ignore = "*.weight",
     .told = "fc.bias identical",
     .same = true},
    {.name = "PyTorch files in an archive are compared by their tensors too",
     .a = "zip:1 m.pt=pt:weights-moved|x=1",
     .b = "zip:1 m.pt=pt:weights|x=1",
     .told = "m.pt//fc.bias identical; m.pt//fc.weight different 1/6 abs 0.5 ulp 1048576 at "
             "m.pt//fc.weight[1, 2]: 6.5, 6; x identical"},
    {.name = "numbers, texts and tensors of a checkpoint are named by what leads to them",
     .a = "pt:checkpoint-later",
     .b = "pt:checkpoint",
     .told =
         "epoch different 1/1 abs 1 ulp 1 at epoch: 4, 3; loss different 1/1 abs 0.5 ulp 4503599627370496 at "
         "loss: 1, 0.5; model/fc.bias identical; model/fc.weight identical; name identical; note different "
         "1/1 at note: None, \"x\"; optimizer/param_groups identical; optimizer/state/0/exp_avg different "
         "1/2 abs 0.5 ulp 12582912 at optimizer/state/0/exp_avg[0]: 0.75, 0.25; seed identical"},
    {.name = "every type of tensor is compared as what it is",
     .a = "pt:types-moved",
     .b = "pt:types",
     .told =
         "bfloat16 different 1/2 abs 1 ulp 64 at bfloat16[1]: 3, 2; bool different 1/2 abs 1 ulp 1 at "
         "bool[1]: false, true; complex128 different 1/2 abs 1 ulp 4607182418800017408 at complex128[1]: 1 + "
         "-1i, 0 + -1i; complex64 different 1/2 abs 1 ulp 8388608 at complex64[1]: 2 + 2i, 1 + 2i; empty "
         "identical; expanded different 4/4 abs 1 ulp 4194304 at expanded[0, 0]: 4, 3; float16 different 1/2 "
         "abs 1 ulp 1536 at float16[1]: 1.5, 0.5; float32 different 1/2 abs 1 ulp 6291456 at float32[1]: "
         "2.5, 1.5; float64 different 1/2 abs 1e-300 ulp 4503599627370496 at float64[1]: 2e-300, 1e-300; "
         "int16 different 1/2 abs 1 ulp 1 at int16[1]: 8, 7; int32 different 1/2 abs 1 ulp 1 at int32[1]: "
         "-4, -5; int64 different 1/2 abs 1 ulp 1 at int64[1]: 4611686018427387905, 4611686018427387904; "
         "int8 different 1/2 abs 1 ulp 1 at int8[1]: -7, -8; nan same; quantized identical; "
         "quantized/__args__/0 different 1/2 at quantized/__args__/0[1]: 0x06, 0x04; quantized/__args__/1 "
         "identical; quantized/__args__/2 identical; quantized/__args__/3 identical; quantized/__args__/4 "
         "identical; quantized/__args__/5 identical; quantized/__args__/6 identical; scalar different 1/1 "
         "abs 1 ulp 8388608 at scalar: 2, 1; uint8 different 1/2 abs 1 ulp 1 at uint8[1]: 251, 250"},
    {.name = "tensors of a whole pickled module are named by its attributes",
     .a = "pt:module-moved",
     .b = "pt:module",
     .told = "file identical; _backward_hooks identical; _buffers identical; _forward_hooks identical; "
             "_forward_pre_hooks identical; _is_full_backward_hook identical; _load_state_dict_post_hooks "
             "identical; _load_state_dict_pre_hooks identical; _modules identical; "
             "_non_persistent_buffers_set identical; _parameters/bias identical; _parameters/weight "
             "different 1/1 abs 0.25 ulp 4194304 at _parameters/weight[0, 0]: 0.75, 0.5; _state_dict_hooks "
             "identical; in_features identical; out_features identical; training identical"},
    {.name = "a tensor that repeats its storage without end leaves the storages opaque",
     .a = "pt:expanded",
     .b = "pt:weights",
     .told = "data.pkl opaque 253/262 at data.pkl byte 2: 0x7d, 0x63; data/0 opaque 20/24 at data/0 byte 4: "
             "nothing, 0x00; data/1 only_in_b; version identical",
     .note = "the tensors of 'a' are compared as bytes, since its data.pkl is not understood: its tensors "
             "repeat what is stored more than 1,000 times"},
    {.name = "types that are no numbers here are compared by their bytes",
     .a = "pt:float8-moved",
     .b = "pt:float8",
     .told = "w different 1/2 at w[1]: 0x39, 0x38"},
    {.name = "what is pickled beside state_dicts is never called, and told by its name and arguments",
     .a = "pt:calls-otherwise",
     .b = "pt:calls",
     .told = "file different 1/2 at __args__/0: \"touch other\", \"touch called\""},
    {.name = "a storage that no tensor needs is compared as bytes",
     .a = "pt:unused-storage",
     .b = "pt:weights",
     .told = "data/2 only_in_a; fc.bias identical; fc.weight identical"},
    {.name = "a storage that no tensor needs is on its own, whatever the other file calls so",
     .a = "pt:unused-storage",
     .b = "pt:other-numbers",
     .told = "data/2 only_in_a; fc.bias identical; fc.weight identical"},
    {.name = "a storage that no tensor needs in B is on its own too",
     .a = "pt:other-numbers",
     .b = "pt:unused-storage",
     .told = "data/2 only_in_b; fc.bias identical; fc.weight identical"},
    {.name = "old files of PyTorch are opaque",
     .a = "pt:legacy-moved",
     .b = "pt:legacy",
     .told = "file opaque 15/513 at byte 372: 0x38, 0x34"},
    {.name = "a tensor that has become something else is different",
     .a = "pt:number",
     .b = "pt:weights",
     .told = "fc.bias identical; fc.weight different (1 value against float32 [2, 3])"},
    {.name = "two values of one name leave the storages opaque",
     .a = "pt:same-names",
     .b = "pt:weights",
     .told = "data.pkl opaque 260/262 at data.pkl byte 2: 0x7d, 0x63; data/0 only_in_b; data/1 only_in_b; "
             "version identical",
     .note = "the tensors of 'a' are compared as bytes, since its data.pkl is not understood: two of its "
             "values are called 'a/b'"},
    {.name = "an opcode that is not known leaves the storages opaque",
     .a = "pt:unknown-opcode",
     .b = "pt:weights",
     .told = "data.pkl opaque 284/293 at data.pkl byte 2: 0x7d, 0x63; data/0 identical; data/1 identical; "
             "version identical",
     .note = "the tensors of 'a' are compared as bytes, since its data.pkl is not understood: it has an "
             "opcode that is not known, 0x49"},
    {.name = "a type that is not known leaves the storages opaque",
     .a = "pt:unknown-type",
     .b = "pt:weights",
     .told = "data.pkl opaque 255/262 at data.pkl byte 2: 0x7d, 0x63; data/0 identical; data/1 only_in_b; "
             "version identical",
     .note = "the tensors of 'a' are compared as bytes, since its data.pkl is not understood: it has a "
             "storage of a type that is not known"},
    {.name = "a tensor with marks that are not known leaves the storages opaque",
     .a = "pt:marked",
     .b = "pt:weights",
     .told = "data.pkl opaque 252/262 at data.pkl byte 2: 0x7d, 0x63; data/0 identical; data/1 only_in_b; "
             "version identical",
     .note = "the tensors of 'a' are compared as bytes, since its data.pkl is not understood: it has a "
             "tensor that is conjugated, negated or otherwise marked"},
    {.name = "a step below 0 leaves the storages opaque",
     .a = "pt:negative-step",
     .b = "pt:weights",
     .told = "data.pkl opaque 254/262 at data.pkl byte 2: 0x7d, 0x63; data/0 identical; data/1 only_in_b; "
             "version identical",
     .note = "the tensors of 'a' are compared as bytes, since its data.pkl is not understood: it has a "
             "tensor that is described in a way that is not known"},
    {.name = "values too deep in each other leave the storages opaque",
     .a = "pt:deep",
     .b = "pt:weights",
     .told = "data.pkl opaque 600/602 at data.pkl byte 2: 0x5d, 0x63; data/0 only_in_b; data/1 only_in_b; "
             "version identical",
     .note = "the tensors of 'a' are compared as bytes, since its data.pkl is not understood: its values lie "
             "in each other more than 200 deep"},
    {.name = "a list within itself leaves the storages opaque",
     .a = "pt:within-itself",
     .b = "pt:weights",
     .told = "data.pkl opaque 260/262 at data.pkl byte 2: 0x5d, 0x63; data/0 only_in_b; data/1 only_in_b; "
             "version identical",
     .note = "the tensors of 'a' are compared as bytes, since its data.pkl is not understood: its values lie "
             "in each other more than 200 deep"},
    {.name = "lists that would be endless leave the storages opaque",
     .a = "pt:laughs",
     .b = "pt:weights",
     .told = "data.pkl opaque 575/584 at data.pkl byte 2: 0x28, 0x63; data/0 only_in_b; data/1 only_in_b; "
             "version identical",
     .note = "the tensors of 'a' are compared as bytes, since its data.pkl is not understood: the names of "
             "its values take more than 32 MiB"},
    {.name = "a memo that would be endless leaves the storages opaque",
     .a = "pt:memo",
     .b = "pt:weights",
     .told = "data.pkl opaque 260/262 at data.pkl byte 2: 0x5d, 0x63; data/0 only_in_b; data/1 only_in_b; "
             "version identical",
     .note = "the tensors of 'a' are compared as bytes, since its data.pkl is not understood: it has more "
             "than 2097152 places in its memo"},
    {.name = "a list with too many items leaves the storages opaque",
     .a = "pt:appends",
     .b = "pt:weights",
     .told = "data.pkl opaque 9000004/9000024 at data.pkl byte 2: 0x5d, 0x63; data/0 only_in_b; data/1 "
             "only_in_b; version identical",
     .note = "the tensors of 'a' are compared as bytes, since its data.pkl is not understood: it has more "
             "than 4194304 items"},
    {.name = "a stack too high leaves the storages opaque",
     .a = "pt:stack",
     .b = "pt:weights",
     .told = "data.pkl opaque 2199988/2200008 at data.pkl byte 2: 0x5d, 0x63; data/0 only_in_b; data/1 "
             "only_in_b; version identical",
     .note = "the tensors of 'a' are compared as bytes, since its data.pkl is not understood: it has more "
             "than 1048576 values on its stack"},
    {.name = "too many values in a pickle leave the storages opaque",
     .a = "pt:values",
     .b = "pt:weights",
     .told = "data.pkl opaque 5000007/5000014 at data.pkl byte 2: 0x5d, 0x63; data/0 only_in_b; data/1 "
             "only_in_b; version identical",
     .note = "the tensors of 'a' are compared as bytes, since its data.pkl is not understood: it has more "
             "than 2097152 values"},
    {.name = "too many values to be named leave the storages opaque",
     .a = "pt:many",
     .b = "pt:weights",
     .told = "data.pkl opaque 2400001/2400008 at data.pkl byte 2: 0x5d, 0x63; data/0 only_in_b; data/1 "
             "only_in_b; version identical",
     .note = "the tensors of 'a' are compared as bytes, since its data.pkl is not understood: it has more "
             "than 1,048,576 values"},
    {.name = "too many opcodes leave the storages opaque",
     .a = "pt:opcodes",
     .b = "pt:weights",
     .told = "data.pkl opaque 33554410/33554436 at data.pkl byte 2: 0x4e, 0x63; data/0 only_in_b; data/1 "
             "only_in_b; version identical",
     .note = "the tensors of 'a' are compared as bytes, since its data.pkl is not understood: it has more "
             "than 16,777,216 opcodes"},
    {.name = "a storage with fewer bytes than it announces is damage",
     .a = "pt:too-few-bytes",
     .b = "pt:weights",
     .told = "'a' is damaged: tensor 'fc.weight' announces 6 numbers in 'data/0', which has 23 bytes"},
    {.name = "a storage with the wrong count of numbers is damage, and nothing is reserved for it",
     .a = "pt:announces-too-much",
     .b = "pt:weights",
     .told =
         "'a' is damaged: tensor 'w' announces 4611686018427387904 numbers in 'data/0', which has 24 bytes"},
    {.name = "a storage that is not there is damage",
     .a = "pt:no-storage",
     .b = "pt:weights",
     .told = "'a' is damaged: tensor 'fc.bias' needs 'data/1', which is not there"},
    {.name = "a tensor beyond its storage is damage",
     .a = "pt:beyond-its-storage",
     .b = "pt:weights",
     .told = "'a' is damaged: tensor 'w' reaches beyond its storage"},
    {.name = "a tensor far beyond its storage is damage",
     .a = "pt:far-beyond",
     .b = "pt:weights",
     .told = "'a' is damaged: tensor 'w' reaches beyond its storage"},
    {.name = "a pickle that is cut short is damage",
     .a = "pt:cut-short",
     .b = "pt:weights",
     .told = "'a' is damaged: its data.pkl is cut short"},
    {.name = "a pickle without sense is damage",
     .a = "pt:no-sense",
     .b = "pt:weights",
     .told = "'a' is damaged: its data.pkl has opcodes that do not fit each other"},
    {.name = "damage in two PyTorch files of the same bytes is damage",
     .a = "pt:too-few-bytes",
     .b = "pt:too-few-bytes",
     .told = "'a' is damaged: tensor 'fc.weight' announces 6 numbers in 'data/0', which has 23 bytes"},
    {.name = "two PyTorch files of the same bytes are the same, read or not",
     .a = "pt:unknown-opcode",
     .b = "pt:unknown-opcode",
     .told = "file identical",
     .same = true},

    /* Arrays. */
    {.name = "another byte order is no difference",
     .a = "npy:<f4 (2,) 1 2",
     .b = "npy:>f4 (2,) 1 2",
     .told = "file same",
     .same = true},
    {.name = "another version of the header is no difference",
     .a = "npy:<f4 (2,) 1 2",
     .b = "npy:2<f4 (2,) 1 2",
     .told = "file identical",
     .same = true},
    {.name = "Fortran order is no difference",
     .a = "npy:<i4 (2,3) 1 2 3 4 5 6",
     .b = "npy:F<i4 (2,3) 1 4 2 5 3 6",
     .told = "file identical",
     .same = true},
    {.name = "a place is told by its indices, whatever the order",
     .a = "npy:<i4 (2,3) 1 2 3 4 5 6",
     .b = "npy:F<i4 (2,3) 1 4 2 5 9 6",
     .told = "file different 1/6 abs 6 ulp 6 at [0, 2]: 3, 9"},
    {.name = "the number after one is one ulp away",
     .a = "npy:<f4 (1,) 1ulp",
     .b = "npy:<f4 (1,) 1",
     .told = "file different 1/1 abs 1.1920928955078125e-07 ulp 1 at [0]: 1.0000001, 1"},
    {.name = "an ulp is one of the array's own type",
     .a = "npy:<f8 (1,) 1ulp",
     .b = "npy:<f8 (1,) 1",
     .told = "file different 1/1 abs 2.220446049250313e-16 ulp 1 at [0]: 1.0000000000000002, 1"},
    {.name = "a bfloat16 has few numbers",
     .a = "st:{\"w\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[0,2]}}#B2 1ulp",
     .b = "st:{\"w\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[0,2]}}#B2 1",
     .told = "w different 1/1 abs 0.0078125 ulp 1 at w[0]: 1.0078125, 1"},
    {.name = "NaN equals NaN, and the zeros are one",
     .a = "npy:<f8 (4,) nan 0 -0 inf",
     .b = "npy:<f8 (4,) nan -0 0 inf",
     .told = "file same",
     .same = true},
    {.name = "NaN against a number is infinitely far",
     .a = "npy:<f8 (2,) nan 1",
     .b = "npy:<f8 (2,) 2 1",
     .absolute = 1e300,
     .told = "file different 1/2 abs inf ulp -1 at [0]: nan, 2"},
    {.name = "an infinity against a number is infinitely far, in steps too",
     .a = "npy:<f4 (2,) inf 1",
     .b = "npy:<f4 (2,) 3e38 1",
     .absolute = 1e300,
     .told = "file different 1/2 abs inf ulp -1 at [0]: inf, 3e+38"},
    {.name = "an infinity against the other one is infinitely far, and itself it is not",
     .a = "npy:<f8 (2,) inf inf",
     .b = "npy:<f8 (2,) -inf inf",
     .told = "file different 1/2 abs inf ulp -1 at [0]: inf, -inf"},
    {.name = "an infinity in JSON against a number is infinitely far, in steps too",
     .a = "[Infinity, 1]",
     .b = "[1, 1]",
     .told = "file different 1/2 abs inf ulp -1 at /0: Infinity, 1"},
    {.name = "what is infinitely far is told before all else that differs",
     .a = "npy:<f8 (7,) 1 1 1 1 1 1 nan",
     .b = "npy:<f8 (7,) 2 2 2 2 2 2 2",
     .told = "file different 7/7 abs inf ulp -1 at [6]: nan, 2"},
    {.name = "steps across zero are counted through it",
     .a = "npy:<f4 (1,) 1e-45",
     .b = "npy:<f4 (1,) -1e-45",
     .told = "file different 1/1 abs 2.802596928649634e-45 ulp 2 at [0]: 1e-45, -1e-45"},
    {.name = "large whole numbers are told apart exactly",
     .a = "npy:<i8 (1,) 9007199254740993",
     .b = "npy:<i8 (1,) 9007199254740992",
     .told = "file different 1/1 abs 1 ulp 1 at [0]: 9007199254740993, 9007199254740992"},
    {.name = "whole numbers of both ends are as far as can be",
     .a = "npy:<i8 (1,) 9223372036854775807",
     .b = "npy:<i8 (1,) -9223372036854775808",
     .told = "file different 1/1 abs 1.8446744073709552e+19 ulp -2 at [0]: 9223372036854775807, "
             "-9223372036854775808"},
    {.name = "another shape is a difference without numbers",
     .a = "npy:<f4 (2,1) 1 2",
     .b = "npy:<f4 (2,) 1 2",
     .told = "file different (float32 [2, 1] against float32 [2])"},
    {.name = "another type is a difference without numbers",
     .a = "npy:<f4 (1,) 1",
     .b = "npy:<f8 (1,) 1",
     .told = "file different (float32 [1] against float64 [1])"},
    {.name = "an array without elements is the same as another",
     .a = "npy:<f4 (0,3)",
     .b = "npy:2<f4 (0,3)",
     .told = "file identical",
     .same = true},
    {.name = "texts of a fixed width differ as texts",
     .a = "npy:|S2 (2,) ab c",
     .b = "npy:|S2 (2,) ab d",
     .told = "file different 1/2 at [1]: c, d"},
    {.name = "an array of objects is opaque",
     .a = "npy:|O (1,) x",
     .b = "npy:|O (1,) y",
     .told = "file opaque 1/68 at byte 67: 0x78, 0x79"},
    {.name = "a member that is missing is told on its side",
     .a = "zip:1 w.npy=npy:<f4 (1,) 1|b.npy=npy:<f4 (1,) 1",
     .b = "zip:1 w.npy=npy:<f4 (1,) 1",
     .told = "b only_in_a; w identical"},
    {.name = "a difference within the tolerance is none",
     .a = "npy:<f4 (2,) 1 2.5",
     .b = "npy:<f4 (2,) 1 2",
     .absolute = 0.5,
     .told = "file same 1/2 abs 0.5 ulp 2097152 at [1]: 2.5, 2",
     .same = true},
    {.name = "a relative tolerance is relative to B",
     .a = "npy:<f8 (2,) 110 90",
     .b = "npy:<f8 (2,) 100 100",
     .relative = 0.0999,
     .told = "file different 2/2 abs 10 ulp 703687441776640 at [0]: 110, 100"},
    {.name = "a place beyond the tolerance is told before those within",
     .a = "npy:<f8 (3,) 1 2 9",
     .b = "npy:<f8 (3,) 1.5 2.5 3",
     .absolute = 1,
     .told = "file different 3/3 abs 6 ulp 7318349394477056 at [2]: 9, 3"},

    {.name = "JSON of which one has been cut short is damage",
     .a = "{\"a\": 1}",
     .b = "{\"a\": 1",
     .path_a = "a.json",
     .path_b = "b.json",
     .told = "'b.json' is damaged: it is no JSON, "},
    {.name = "JSON lines of which one has been cut short are damage",
     .a = "{\"a\": 1}\n{\"a\":",
     .b = "{\"a\": 1}\n{\"a\": 2}\n",
     .path_a = "a.jsonl",
     .path_b = "b.jsonl",
     .told = "'a.jsonl' is damaged: it is no JSON, line 2: "},

    /* Damaged arrays. */
    {.name = "an array that is cut short is named",
     .a = "~1 npy:<f4 (2,) 1 2",
     .b = "npy:<f4 (2,) 1 3",
     .told = "'a' is damaged: its header announces 8 bytes of numbers, and 7 follow"},
    {.name = "an array that is cut short in an archive is named with it",
     .a = "zip:1 w.npy=npy:<f4 (2,) 1 3",
     .b = "zip:1 w.npy=~1 npy:<f4 (2,) 1 2",
     .told = "'b//w.npy' is damaged: its header announces 8 bytes of numbers, and 7 follow"},
    {.name = "what is called an array and is none is damage",
     .a = "hello, world; no array",
     .b = "npy:<f4 (2,) 1 3",
     .path_a = "a.npy",
     .told = "'a.npy' is damaged: it does not begin as an array does"},
    {.name = "a header that is cut short is damage",
     .a = "~60 npy:<f4 (2,) 1 2",
     .b = "npy:<f4 (2,) 1 3",
     .told = "'a' is damaged: its header is cut short"},
    {.name = "a header that is no dictionary is damage",
     .a = "hex:934e554d50590100040041424344",
     .b = "npy:<f4 (2,) 1 3",
     .told = "'a' is damaged: its header does not describe an array"},
    {.name = "a shape of 2^63 elements is damage",
     .a = "npy:<f4 (9223372036854775808,)",
     .b = "npy:<f4 (2,) 1 3",
     .told = "'a' is damaged: its shape is larger than any file"},
    {.name = "a shape whose product wraps around is damage",
     .a = "npy:<f4 (4294967296,4294967296,4)",
     .b = "npy:<f4 (2,) 1 3",
     .told = "'a' is damaged: its shape is larger than any file"},
    {.name = "a shape beyond 64 bits is damage",
     .a = "npy:<f4 (99999999999999999999999,)",
     .b = "npy:<f4 (2,) 1 3",
     .told = "'a' is damaged: its header does not describe an array"},
    {.name = "a member that is damaged on both sides in the same way is named",
     .a = "zip:1 w.npy=~1 npy:<f4 (2,) 1 2|x.txt=1",
     .b = "zip:1 w.npy=~1 npy:<f4 (2,) 1 2|x.txt=2",
     .told = "'b//w.npy' is damaged: "},
    {.name = "an array that is damaged in the same way on both sides is named",
     .a = "~1 npy:<f4 (2,) 1 2",
     .b = "~1 npy:<f4 (2,) 1 2",
     .told = "'a' is damaged: "},
    {.name = "an archive that is damaged in the same way on both sides is named",
     .a = "~900 tar:1 x.bin=hex:00|y.bin=npy:<f4 (2,) 1 2",
     .b = "~900 tar:1 x.bin=hex:00|y.bin=npy:<f4 (2,) 1 2",
     .told = "'a"},
    {.name = "a damaged member of archives of the same bytes is named",
     .a = "zip:1 w.npy=~1 npy:<f4 (2,) 1 2|x.txt=1",
     .b = "zip:1 w.npy=~1 npy:<f4 (2,) 1 2|x.txt=1",
     .told = "'a//w.npy' is damaged: "},
    {.name = "an archive in name alone is damaged",
     .path_a = "a.npz",
     .path_b = "b.npz",
     .a = "weights",
     .b = "weights",
     .told = "'a.npz' is damaged: it does not begin as its name says"},
    {.name = "a zip archive whose list of members is cut off is damaged, whole members or not",
     .path_a = "a.npz",
     .path_b = "b.npz",
     .a = "~20 zip:1 w.npy=npy:<f4 (2,) 1 2",
     .b = "~20 zip:1 w.npy=npy:<f4 (2,) 1 2",
     .told = "'a.npz' is damaged: the list of members, with which a zip archive ends, is not there"},
    {.name = "a zip archive of any name is damaged without its list of members",
     .path_a = "a.bin",
     .path_b = "b.bin",
     .a = "hex:504b030467617262616765",
     .b = "hex:504b030467617262616765",
     .told = "'a.bin' is damaged: the list of members"},
    {.name = "a file of PyTorch in name alone is damaged",
     .path_a = "a.pt",
     .path_b = "b.pt",
     .a = "weights",
     .b = "weights",
     .told = "'a.pt' is damaged: it does not begin as its name says"},
    {.name = "Parquet in name alone is damaged",
     .path_a = "a.parquet",
     .path_b = "b.parquet",
     .a = "id,score",
     .b = "id,score",
     .told = "'a.parquet' is damaged: it does not begin as its name says"},
    {.name = "Parquet that is cut short is damaged",
     .path_a = "a.parquet",
     .path_b = "b.parquet",
     .a = "hex:504152310102030405060708090a0b0c0d0e",
     .b = "hex:504152310102030405060708090a0b0c0d0e",
     .told = "'a.parquet' is damaged: it is cut short"},
    {.name = "a pointer of Git LFS is not the file that it stands for",
     .path_a = "a.joblib",
     .path_b = "b.joblib",
     .a = "version https://git-lfs.github.com/spec/v1",
     .b = "version https://git-lfs.github.com/spec/v1",
     .told = "'a.joblib' is a pointer of Git LFS, and not the file that it stands for"},
    {.name = "safetensors in name alone are damaged",
     .path_a = "a.safetensors",
     .path_b = "b.safetensors",
     .a = "weights",
     .b = "weights",
     .told = "'a.safetensors' is damaged: "},
    {.name = "a table of the same bytes is not looked into",
     .path_a = "a.csv",
     .path_b = "b.csv",
     .a = "x,y\n1\n",
     .b = "x,y\n1\n",
     .told = "file identical",
     .same = true},
    {.name = "a pickle of the same bytes is not looked into",
     .path_a = "a.pkl",
     .path_b = "b.pkl",
     .a = "hex:8004",
     .b = "hex:8004",
     .told = "file identical",
     .same = true},
    {.name = "an archive that is cut short is named",
     .a = "~900 tar:1 x.bin=hex:00|y.bin=npy:<f4 (2,) 1 2",
     .b = "tar:1 x.bin=hex:00|y.bin=npy:<f4 (2,) 1 3",
     .told = "'a//y.bin' is damaged: "},
    {.name = "two members of one name are refused",
     .a = "tar:1 x=1|x=2",
     .b = "tar:1 x=1",
     .told = "'a' holds two members 'x'"},

    /* safetensors. */
    {.name = "the order of tensors is of no matter",
     .a = "st:{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
          "\"b\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[4,8]}}#f4 1 2",
     .b = "st:{\"b\":{\"data_offsets\":[0,4],\"dtype\":\"F32\",\"shape\":[]},"
          "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}#f4 2 1",
     .told = "a identical; b identical",
     .same = true},
    {.name = "metadata are compared on their own",
     .a = "st:{\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":["
          "0,1]}}#u1 1",
     .b = "st:{\"__metadata__\":{\"format\":\"np\"},\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":["
          "0,1]}}#u1 1",
     .told = "__metadata__ different 1/1 at __metadata__ /format: \"pt\", \"np\"; a identical"},
    {.name = "a tensor on one side only is told",
     .a = "st:{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}#u1 1",
     .b = "st:{\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}#u1 1",
     .told = "a only_in_a; b only_in_b"},
    {.name = "offsets that overlap are damage",
     .a = "st:{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
          "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[2,6]}}#f4 1 2",
     .b = "st:{}#f4",
     .told = "'a' is damaged: tensor 'b' overlaps another"},
    {.name = "a gap between tensors is damage",
     .a = "st:{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}#f4 1 2",
     .b = "st:{}#f4",
     .told = "'a' is damaged: tensor 'a' leaves a gap in front of it"},
    {.name = "offsets beyond the file are damage",
     .a = "st:{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]}}#f4 1 2",
     .b = "st:{}#f4",
     .told = "'a' is damaged: tensor 'a' has offsets that lie outside of the file"},
    {.name = "a shape that does not fit the offsets is damage",
     .a = "st:{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}#f4 1 2",
     .b = "st:{}#f4",
     .told = "'a' is damaged: tensor 'a' has a shape that does not fit its offsets"},
    {.name = "a tensor that stands twice is damage",
     .a = "st:{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
          "\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}#u1 1 2",
     .b = "st:{}#f4",
     .told = "'a' is damaged: tensor 'a' stands twice"},
    {.name = "a header longer than the file is damage",
     .a = "hex:ff00000000000000",
     .b = "st:{}#f4",
     .path_a = "a.safetensors",
     .told = "'a.safetensors' is damaged: its header is cut short"},
    {.name = "a header length of 2^63 is damage",
     .a = "hex:00000000000000807b7d",
     .b = "st:{}#f4",
     .path_a = "a.safetensors",
     .told = "'a.safetensors' is damaged: its header is longer than 100 MiB"},

    /* JSON. */
    {.name = "the order of keys, blanks and the way of writing are of no matter",
     .a = "{\"a\": 1.0, \"b\": [true, null, \"\\u00e9\"]}",
     .b = "{\"b\":[true,null,\"\xc3\xa9\"],\"a\":1e0}\n",
     .told = "file same",
     .same = true},
    {.name = "a value is told by its path",
     .a = "{\"a\": {\"b\": [1, 2]}}",
     .b = "{\"a\": {\"b\": [1, 3]}}",
     .told = "file different 1/2 abs 1 ulp 1 at /a/b/1: 2, 3"},
    {.name = "a key on one side only is a difference",
     .a = "{\"a\": 1, \"b\": 2}",
     .b = "{\"b\": 2}",
     .told = "file different 1/2 at /a: 1, nothing"},
    {.name = "another type of value is a difference",
     .a = "{\"a\": 1}",
     .b = "{\"a\": \"1\"}",
     .told = "file different 1/1 at /a: 1, \"1\""},
    {.name = "NaN in JSON, as Python writes it, is a number",
     .a = "[NaN, Infinity, -Infinity]",
     .b = "[NaN,Infinity,-Infinity]",
     .told = "file same",
     .same = true},
    {.name = "identifiers longer than a double are told apart",
     .a = "[12345678901234567890123]",
     .b = "[12345678901234567890124]",
     .told = "file different 1/1 at /0: 12345678901234567890123, 12345678901234567890124"},
    {.name = "a tolerance holds in JSON too",
     .a = "[1.001]",
     .b = "[1]",
     .absolute = 0.01,
     .told = "file same 1/1 abs 0.0009999999999998899 ulp 4503599627370 at /0: 1.001, 1",
     .same = true},
    {.name = "a path is ignored, with * for any key or index",
     .a = "{\"epochs\": [{\"time\": 1, \"loss\": 2}, {\"time\": 3, \"loss\": 2}]}",
     .b = "{\"epochs\": [{\"time\": 4, \"loss\": 2}, {\"time\": 5, \"loss\": 2}]}",
     .ignore = "/epochs/*/time",
     .told = "file same",
     .same = true,
     .note = "'/epochs/*/time' is left out, as asked for",
     .digested = true},
    {.name = "an item of a list is ignored, and those behind it keep their place",
     .a = "{\"x\": [1, 2, 3]}",
     .b = "{\"x\": [1, 7, 3]}",
     .ignore = "/x/1",
     .told = "file same",
     .same = true,
     .digested = true},
    {.name = "a key is ignored at its own place alone",
     .a = "{\"t\": 1, \"x\": {\"t\": 1}}",
     .b = "{\"t\": 2, \"x\": {\"t\": 2}}",
     .ignore = "/t",
     .told = "file different 1/1 abs 1 ulp 1 at /x/t: 1, 2"},
    {.name = "a key is ignored in every JSON line",
     .a = "{\"t\": 1, \"p\": 1}\n{\"t\": 2, \"p\": 1}\n",
     .b = "{\"p\": 1, \"t\": 5}\n{\"p\": 1}\n",
     .path_a = "a.jsonl",
     .path_b = "b.jsonl",
     .ignore = "/t",
     .told = "file same",
     .same = true,
     .digested = true},
    {.name = "a key is ignored in JSON in an archive in an archive",
     .a = "tar:1 in.zip=zip:1 m.json={\"t\": 1, \"u\": 2}",
     .b = "tar:1 in.zip=zip:2 m.json={\"t\": 3, \"u\": 2}",
     .ignore = "/t",
     .told = "in.zip//m.json same",
     .same = true,
     .digested = true},
    {.name = "a column of a table is ignored by its name",
     .a = "id,when,p\n1,a,2\n2,b,3\n",
     .b = "id,when,p\n1,c,2\n2,d,3\n",
     .path_a = "a.csv",
     .path_b = "b.csv",
     .ignore = "when",
     .told = "id identical; p identical",
     .same = true,
     .digested = true},
    {.name = "a column that is ignored hides no other",
     .a = "id,when,p\n1,a,2\n",
     .b = "id,when,p\n1,c,3\n",
     .path_a = "a.csv",
     .path_b = "b.csv",
     .ignore = "when",
     .told = "id identical; p different 1/1 abs 1 ulp 1 at p, row 1: 2, 3"},
    {.name = "a cell that is missing is no text, where a column is ignored",
     .a = "when,p,q\n1,,x\n",
     .b = "when,p,q\n2,x,\n",
     .path_a = "a.csv",
     .path_b = "b.csv",
     .ignore = "when",
     .told = "p different 1/1 at p, row 1: (missing), x; q different 1/1 at q, row 1: x, (missing)"},
    {.name = "a column of a table in an archive is ignored by its whole name",
     .a = "zip:1 p.csv=id,when\n1,a\n",
     .b = "zip:1 p.csv=id,when\n1,b\n",
     .ignore = "p.csv//when",
     .told = "p.csv//id identical",
     .same = true,
     .digested = true},
    {.name = "rows that an id brings together are ignored by no digest",
     .a = "id,p\n1,2\n2,3\n",
     .b = "id,p\n1,3\n2,2\n",
     .path_a = "a.csv",
     .path_b = "b.csv",
     .ignore = "i*",
     .id = "id",
     .told = "p different 2/2 abs 1 ulp 1 at p, id=1: 2, 3"},
    {.name = "a tensor of safetensors is ignored by its name",
     .a = "st:{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"b\":{\"dtype\":\"U8\","
          "\"shape\":[1],"
          "\"data_offsets\":[1,2]}}# u1 1 2",
     .b = "st:{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"b\":{\"dtype\":\"U8\","
          "\"shape\":[1],"
          "\"data_offsets\":[1,2]}}# u1 1 3",
     .path_a = "a.safetensors",
     .path_b = "b.safetensors",
     .ignore = "b",
     .told = "a identical",
     .same = true,
     .digested = true},
    {.name = "an array of an npz is ignored by its name",
     .a = "zip:1 w.npy=npy:<i4 (1,) 1|t.npy=npy:<i4 (1,) 1",
     .b = "zip:1 w.npy=npy:<i4 (1,) 1|t.npy=npy:<i4 (1,) 2",
     .ignore = "t",
     .told = "w identical",
     .same = true,
     .digested = true},
    {.name = "storages of a PyTorch file are no parts, and are ignored by no name",
     .a = "pt:weights-moved",
     .b = "pt:weights",
     .ignore = "data/*",
     .told = "fc.bias identical; fc.weight different 1/6 abs 0.5 ulp 1048576 at fc.weight[1, 2]: 6.5, 6"},
    {.name = "a path that nothing has is told",
     .a = "[1]",
     .b = "[ 1]",
     .ignore = "/x",
     .told = "file same",
     .same = true,
     .note = "'/x' was to be left out, and nothing is called so",
     .digested = true},
    {.name = "a key with a slash is written with ~1",
     .a = "{\"a/b\": 1, \"c\": 1}",
     .b = "{\"a/b\": 2, \"c\": 1}",
     .ignore = "/a~1b",
     .told = "file same",
     .same = true,
     .digested = true},
    {.name = "the date in a Keras file is left out",
     .a = "zip:1 metadata.json={\"keras_version\": \"3\", \"date_saved\": \"x\"}",
     .b = "zip:1 metadata.json={\"keras_version\": \"3\", \"date_saved\": \"y\"}",
     .told = "metadata.json same",
     .same = true,
     .note = "'date_saved' of a Keras file is left out"},
    {.name = "broken JSON is text",
     .a = "{\"a\": 1",
     .b = "{\"a\": 2",
     .told = "file different 1/1 at line 1: {\"a\": 1, {\"a\": 2"},
    {.name = "JSON that both have broken off is text, whatever its name",
     .a = "{\"a\": 1",
     .b = "{\"a\": 2",
     .path_a = "a.json",
     .path_b = "b.json",
     .told = "file different 1/1 at line 1: {\"a\": 1, {\"a\": 2"},
    {.name = "JSON lines with the id are a table",
     .a = "{\"id\": 1, \"p\": 1}\n{\"id\": 2, \"p\": 2}\n",
     .b = "{\"p\": 2, \"id\": 2}\n{\"p\": 1, \"id\": 1}\n",
     .path_a = "a.jsonl",
     .path_b = "b.jsonl",
     .id = "id",
     .told = "p identical",
     .same = true},
    {.name = "JSON lines with an object in a line are compared line by line, whatever the id",
     .a = "{\"id\": 1, \"p\": {\"q\": 1, \"r\": 2}}\n",
     .b = "{\"id\": 1, \"p\": {\"r\": 2, \"q\": 1.0}}\n",
     .path_a = "a.jsonl",
     .path_b = "b.jsonl",
     .id = "id",
     .told = "file same",
     .same = true},
    {.name = "numbers beyond those that a double has are not equal",
     .a = "[1e400, 2e400]",
     .b = "[2e400, 20e399]",
     .told = "file different 1/2 at /0: 1e400, 2e400"},
    {.name = "JSON lines are compared line by line",
     .a = "{\"a\": 1}\n{\"b\": 2}\n",
     .b = "{\"a\":1}\n{\"b\":3}\n{}\n",
     .path_a = "a.jsonl",
     .path_b = "b.jsonl",
     .told = "file different 2/3 abs 1 ulp 1 at line 2 /b: 2, 3"},

    /* Text and bytes. */
    {.name = "ends of lines are of no matter",
     .a = "a\nb\n",
     .b = "a\r\nb",
     .told = "file same",
     .same = true},
    {.name = "the first line that differs is told",
     .a = "a\nb\nc\n",
     .b = "a\nx\nc\nd\n",
     .told = "file different 2/4 at line 2: b, x"},
    {.name = "bytes that nobody can read are opaque",
     .a = "hex:000102",
     .b = "hex:000202ff",
     .told = "file opaque 2/4 at byte 1: 0x01, 0x02"},
    {.name = "a pickle is opaque",
     .a = "hex:80044b012e",
     .b = "hex:80044b022e",
     .told = "file opaque 1/5 at byte 3: 0x01, 0x02"},
    {.name = "two kinds are told apart",
     .a = "npy:<f4 (1,) 1",
     .b = "[1]",
     .told = "file different (an array against JSON)"},

    /* Tables. */
    {.name = "the order of columns is of no matter",
     .a = "id,x\n1,2\n3,4\n",
     .b = "x,id\n2.0,1\n4,3\n",
     .path_a = "a.csv",
     .path_b = "b.csv",
     .told = "id identical; x same",
     .same = true},
    {.name = "a cell is told by column and row",
     .a = "id,x\n1,2\n3,4\n",
     .b = "id,x\n1,2\n3,5\n",
     .path_a = "a.csv",
     .path_b = "b.csv",
     .told = "id identical; x different 1/2 abs 1 ulp 1 at x, row 2: 4, 5",
     .note = "rows are paired by position; an id pairs them by name"},
    {.name = "rows are joined by their id",
     .a = "id,x\n1,2\n3,4\n",
     .b = "id,x\n3,4.5\n1,2\n",
     .path_a = "a.csv",
     .path_b = "b.csv",
     .id = "id",
     .told = "x different 1/2 abs 0.5 ulp 562949953421312 at x, id=3: 4, 4.5"},
    {.name = "rows on one side only are told",
     .a = "id,x\n1,2\n3,4\n",
     .b = "id,x\n1,2\n7,4\n8,4\n",
     .path_a = "a.csv",
     .path_b = "b.csv",
     .id = "id",
     .told = "file different (1 only in A, 2 only in B) 3/4 at id=3: a row, nothing; x identical"},
    {.name = "columns on one side only are told",
     .a = "x,y\n1,2\n",
     .b = "x,z\n1,2\n",
     .path_a = "a.csv",
     .path_b = "b.csv",
     .told = "x identical; y only_in_a; z only_in_b"},
    {.name = "a missing cell is not a number",
     .a = "x\n1\nNA\nNA\n",
     .b = "x\n1\nnan\n2\n",
     .path_a = "a.csv",
     .path_b = "b.csv",
     .told = "x different 1/3 at x, row 3: (missing), 2"},
    {.name = "an id that stands twice is an error",
     .a = "id,x\n1,2\n1,4\n",
     .b = "id,x\n1,2\n3,4\n",
     .path_a = "a.csv",
     .path_b = "b.csv",
     .id = "id",
     .told = "the id '1' stands twice in column 'id'; ids tell rows apart"},
    {.name = "an id that is no column is an error",
     .a = "id,x\n1,2\n",
     .b = "id,x\n1,3\n",
     .path_a = "a.csv",
     .path_b = "b.csv",
     .id = "key",
     .told = "column 'key' not found in 'a.csv'"},
    {.name = "an id makes a table of what is named, and of what in an archive has it",
     .a = "zip:1 p.csv=id,x\n1,2\n3,4\n|q.csv=x\n1\n|notes.txt=a\n",
     .b = "zip:1 p.csv=id,x\n3,4\n1,2\n|q.csv=x\n2\n|notes.txt=b\n",
     .id = "id",
     .told = "notes.txt different 1/1 at notes.txt line 1: a, b; p.csv//x identical; "
             "q.csv//x different 1/1 abs 1 ulp 1 at q.csv//x, row 1: 1, 2"},
    {.name = "an id makes a table of a file that is called nothing",
     .a = "id,x\n1,2\n3,4\n",
     .b = "id,x\n3,4\n1,2\n",
     .id = "id",
     .told = "x identical",
     .same = true},
    {.name = "a table in an archive is a table",
     .a = "zip:1 p.csv=x\n1\n|q=1",
     .b = "zip:1 p.csv=x\n2\n|q=1",
     .told = "p.csv//x different 1/1 abs 1 ulp 1 at p.csv//x, row 1: 1, 2; q identical"},

    /* What is left out, and options. */
    {.name = "a part is ignored by its name, with * for any text",
     .a = "zip:1 x/log.txt=a|y=1",
     .b = "zip:1 x/log.txt=b|y=1",
     .ignore = "*.txt",
     .told = "y identical",
     .same = true,
     .digested = true},
    {.name = "JSON of which everything is ignored is not the same",
     .a = "{\"a\": 1}",
     .b = "{\"a\": 2}",
     .ignore = "/*",
     .told = "nothing is left to compare; everything is to be ignored"},
    {.name = "tables that have no rows are not the same",
     .a = "p\r\n",
     .b = "p\n",
     .path_a = "a.csv",
     .path_b = "b.csv",
     .told = "'a.csv' has no rows, so that there is nothing to compare"},
    {.name = "nor are they where they have the same bytes",
     .a = "p\n",
     .b = "p\n",
     .path_a = "a.csv",
     .path_b = "b.csv",
     .told = "'a.csv' has no rows, so that there is nothing to compare"},
    {.name = "a file of nothing that is called a table has no rows",
     .a = "",
     .b = "",
     .path_a = "a.csv",
     .path_b = "b.csv",
     .told = "'a.csv' has no rows, so that there is nothing to compare"},
    {.name = "in an archive the table that has no rows is named",
     .a = "zip:1 d/m.csv=p\n|d/n.csv=q\n",
     .b = "zip:2 d/m.csv=p\r\n|d/n.csv=q\n",
     .path_a = "a.zip",
     .path_b = "b.zip",
     .told = "'a.zip//m.csv' has no rows, so that there is nothing to compare"},
    {.name = "files without tensors hold nothing, and nothing was ignored",
     .a = "st:{}#",
     .b = "st:{ }#",
     .told = "'a' holds nothing, so that there is nothing to compare"},
    {.name = "an array, safetensors, a model or an archive of no bytes is damaged",
     .a = "",
     .b = "",
     .path_a = "a.safetensors",
     .path_b = "b.safetensors",
     .told = "'a.safetensors' is damaged: it has no bytes at all"},
    {.name = "so is a member of an archive that has no bytes, beside a file that may be empty",
     .a = "zip:1 m.npy=|__init__.py=",
     .b = "zip:2 m.npy=|__init__.py=",
     .path_a = "a.zip",
     .path_b = "b.zip",
     .told = "'b.zip//m.npy' is damaged: it has no bytes at all"},
    {.name = "files without anything are the same beside others",
     .a = "zip:1 __init__.py=|x=1",
     .b = "zip:2 __init__.py=|x=1",
     .told = "__init__.py identical; x identical",
     .same = true},
    {.name = "what is no container by its bytes is damaged against one that is",
     .a = "<html>",
     .b = "pt:weights",
     .path_a = "a.pt",
     .path_b = "b.pt",
     .told = "'a.pt' is damaged: it does not begin as its name says"},
    {.name = "so is the other of the two",
     .a = "zip:1 w.npy=npy:<f8 (1,) 1",
     .b = "<html>",
     .path_a = "a.npz",
     .path_b = "b.npz",
     .told = "'b.npz' is damaged: it does not begin as its name says"},
    {.name = "in JSON lines a blank line is none",
     .a = "{\"a\": 1}\n\n{\"a\": 2}\n",
     .b = "{\"a\": 1}\n{\"a\": 3}\n \n",
     .path_a = "a.jsonl",
     .path_b = "b.jsonl",
     .told = "file different 1/2 abs 1 ulp 1 at line 3 /a: 2, 3"},
    {.name = "ids in JSON lines are numbers, whatever way they are written",
     .a = "{\"id\": 1.0, \"p\": 1}\n{\"id\": 2e0, \"p\": 2}\n{\"id\": 0.50, \"p\": 3}\n",
     .b = "{\"id\": 0.5, \"p\": 3}\n{\"id\": 2, \"p\": 2}\n{\"id\": \"1\", \"p\": 1}\n",
     .path_a = "a.jsonl",
     .path_b = "b.jsonl",
     .id = "id",
     .told = "p identical",
     .same = true},
    {.name = "ids that are texts are these texts",
     .a = "{\"id\": \"1.10\", \"p\": 1}\n{\"id\": \"1.1\", \"p\": 2}\n",
     .b = "{\"id\": \"1.1\", \"p\": 2}\n{\"id\": \"1.10\", \"p\": 1}\n",
     .path_a = "a.jsonl",
     .path_b = "b.jsonl",
     .id = "id",
     .told = "p identical",
     .same = true},
    {.name = "a path leaves out a column of JSON lines that are a table",
     .a = "{\"id\": 1, \"t\": 1, \"p\": 1}\n",
     .b = "{\"id\": 1, \"t\": 2, \"p\": 1}\n",
     .path_a = "a.jsonl",
     .path_b = "b.jsonl",
     .id = "id",
     .ignore = "/t",
     .told = "p identical",
     .same = true,
     .note = "'/t' is left out, as asked for",
     .digested = true},
    {.name = "in JSON lines that are a table a number is not its text",
     .a = "{\"id\": 1, \"p\": \"1\"}\n{\"id\": 2, \"p\": 1.0}\n",
     .b = "{\"id\": 1, \"p\": 1}\n{\"id\": 2, \"p\": 1}\n",
     .path_a = "a.jsonl",
     .path_b = "b.jsonl",
     .id = "id",
     .told = "p different 1/2 at p, id=1: \"1\", 1"},
    {.name = "in JSON lines that are a table true is not its text",
     .a = "{\"id\": 1, \"p\": true}\n",
     .b = "{\"id\": 1, \"p\": \"true\"}\n",
     .path_a = "a.jsonl",
     .path_b = "b.jsonl",
     .id = "id",
     .told = "p different 1/1 at p, id=1: true, \"true\""},
    {.name = "in JSON lines that are a table null is not an empty text",
     .a = "{\"id\": 1, \"p\": null}\n",
     .b = "{\"id\": 1, \"p\": \"\"}\n",
     .path_a = "a.jsonl",
     .path_b = "b.jsonl",
     .id = "id",
     .told = "p different 1/1 at p, id=1: (missing), \"\""},
    {.name = "where everything is ignored nothing is the same",
     .a = "hex:00",
     .b = "hex:01",
     .ignore = "*",
     .told = "nothing is left to compare; everything is to be ignored"},
    {.name = "a tolerance below 0 is refused",
     .a = "1",
     .b = "2",
     .absolute = -1,
     .told = "a tolerance is a number from 0 on"},
};

static void compares(void **state)
{
    const struct row *row = *state;
    struct compared compared;
    const struct mlg_comparison *comparison = &compared.comparison;
    const char *path_a = row->path_a ? row->path_a : "a", *path_b = row->path_b ? row->path_b : "b";
    const struct mlg_compare_options options = {.absolute = row->absolute,
                                                .relative = row->relative,
                                                .ignore = &row->ignore,
                                                .ignore_count = row->ignore != NULL,
                                                .id = row->id};
    compared_begin(&compared);
    add_file(&compared.memory, path_a, row->a);
    add_file(&compared.memory, path_b, row->b);
    const int code = compared_files(&compared, path_a, path_b, &options);
    compared_check(&compared, row->told, row->same, false);
    if (!code) {
        assert_int_equal(comparison->identical_bytes, strcmp(row->a, row->b) == 0);
        if (row->note) {
            assert_true(comparison->note_count > 0);
            assert_string_equal(comparison->notes[0], row->note);
        }
    }
    /* Two of one digest are the same; the other way round where the row says so. */
    char a[65], b[65];
    struct mlg_error error = {0};
    const bool digested = mlg_compare_digest(&compared.memory.world, path_a, &options, a, &error) == 0 &&
                          mlg_compare_digest(&compared.memory.world, path_b, &options, b, &error) == 0 &&
                          strcmp(a, b) == 0;
    if (strcmp(row->a, row->b) != 0) {
        assert_true(!digested || code || comparison->same);
        assert_true(!row->ignore || digested == row->digested);
    }
    compared_end(&compared);
}

/* ---- limits and worlds --------------------------------------------------------------------------------- */

static void what_unpacks_too_far_is_refused_before_it_is_read(void **state)
{
    struct world_memory memory;
    struct mlg_members *members;
    struct mlg_member member;
    struct mlg_error error = {0};
    struct mlg_reader_tuning tuning = mlg_reader_tuning_usual;
    char path[1024], sha256[65];
    uint64_t size;
    (void)state;
    world_memory_init(&memory);
    snprintf(path, sizeof path, "%s/tests/unit/data/dense.zip", MLG_SOURCE_DIR);
    assert_true(world_memory_load(&memory, "dense.zip", path));
    for (int dense = 0; dense <= 1; dense++) {
        tuning.expansion_bytes = dense ? 1 << 20 : 1 << 30;
        tuning.expansion_ratio = 20;
        assert_int_equal(mlg_members_open_tuned(&memory.world, "dense.zip", &tuning, &members, &error), 0);
        assert_int_equal(mlg_members_next(members, &member, &error), 1);
        assert_string_equal(member.name, "dense.csv");
        assert_int_equal(mlg_members_digest(members, &size, sha256, &error), dense ? MLG_LIMIT : MLG_OK);
        if (!dense) {
            assert_int_equal(size, 12000 * 103 + 4);
            assert_int_equal(mlg_members_next(members, &member, &error), 0);
        }
        mlg_members_close(members);
    }
    assert_string_equal(error.text,
                        "'dense.zip' expands to more than 20 times its size; at most 1 MiB may be so dense");
    world_memory_free(&memory);
}

/* An archive in an archive, `depth` times, around the text. */
static void add_nested(struct world_memory *memory, const char *path, unsigned depth, const char *text)
{
    struct mlg_builder inner, outer;
    mlg_builder_init(&inner, 0);
    mlg_put(&inner, text);
    for (unsigned i = 0; i < depth; i++) {
        static const char end[1024];
        mlg_builder_init(&outer, 0);
        put_tar_member(&outer, "in", &inner, 1);
        mlg_put_bytes(&outer, end, sizeof end);
        mlg_builder_free(&inner);
        inner = outer;
    }
    world_memory_put(memory, path, WORLD_MEMORY_FILE, inner.data, inner.size);
    mlg_builder_free(&inner);
}

static void archives_are_nested_so_deep_and_no_deeper(void **state)
{
    (void)state;
    for (unsigned depth = MLG_COMPARE_DEPTH; depth <= MLG_COMPARE_DEPTH + 1; depth++) {
        struct compared compared;
        compared_begin(&compared);
        add_nested(&compared.memory, "a", depth, "1");
        add_nested(&compared.memory, "b", depth, "2");
        const int code = compared_files(&compared, "a", "b", NULL);
        assert_int_equal(code, depth > MLG_COMPARE_DEPTH ? MLG_LIMIT : MLG_OK);
        if (code)
            assert_string_equal(compared.error.text,
                                "'a//in//in//in//in' is an archive in archives more than 4 deep");
        else
            assert_string_equal(compared.comparison.parts[0].name, "in//in//in//in");
        compared_end(&compared);
    }
}

static void what_cannot_be_read_is_an_error(void **state)
{
    static const struct {
        enum world_memory_kind kind;
        const char *told;
    } kinds[] = {
        {WORLD_MEMORY_UNREADABLE, "cannot read 'b': permission denied"},
        {WORLD_MEMORY_DIRECTORY, "cannot read 'b': is a directory"},
        {WORLD_MEMORY_FAILING, "cannot read 'b': input/output error"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct compared compared;
        compared_begin(&compared);
        add_file(&compared.memory, "a", "zip:1 x=1");
        world_memory_put(&compared.memory, "b", kinds[i].kind, "zip", 3);
        assert_int_equal(compared_files(&compared, "a", "b", NULL), MLG_WORLD);
        assert_string_equal(compared.error.text, kinds[i].told);
        compared_end(&compared);
    }
}

static void a_stream_is_read_as_a_file_is(void **state)
{
    struct compared compared;
    (void)state;
    compared_begin(&compared);
    add_file(&compared.memory, "a", "zip:1 w.npy=npy:<f4 (2,) 1 2");
    add_file(&compared.memory, "-", "zip:5 w.npy=npy:<f4 (2,) 1 2");
    for (size_t i = 0; i < compared.memory.file_count; i++)
        if (strcmp(compared.memory.files[i].path, "-") == 0)
            compared.memory.files[i].kind = WORLD_MEMORY_STREAM;
    assert_int_equal(compared_files(&compared, "-", "a", NULL), MLG_OK);
    assert_true(compared.comparison.same);
    assert_false(compared.comparison.identical_bytes);
    assert_string_equal(compared.comparison.parts[0].name, "w");
    compared_end(&compared);
}

static void totals_are_over_all_parts(void **state)
{
    struct compared compared;
    (void)state;
    compared_begin(&compared);
    /* |a - b| = 5 over |b| = |(3, 4, 12, 0)| = 13; that of `same` counts though it is identical */
    add_file(&compared.memory, "a", "zip:1 same.npy=npy:<f8 (2,) 3 4|w.npy=npy:<f8 (2,) 15 4");
    add_file(&compared.memory, "b", "zip:1 same.npy=npy:<f8 (2,) 3 4|w.npy=npy:<f8 (2,) 12 0");
    assert_int_equal(compared_files(&compared, "a", "b", NULL), MLG_OK);
    assert_true(fabs(compared.comparison.total.relative_l2 - 5.0 / 13) < 1e-15);
    assert_true(fabs(compared.comparison.parts[1].distance.relative_l2 - 5.0 / 12) < 1e-15);
    assert_int_equal(compared.comparison.total.elements, 4);
    assert_int_equal(compared.comparison.total.numbers, 4);
    assert_true(isinf(compared.comparison.total.max_rel_difference));
    assert_null(compared.comparison.total.undefined);
    add_file(&compared.memory, "b", "zip:1 same.npy=npy:<f8 (2,) 3 4|w.npy=npy:<f8 (1,) 12");
    assert_int_equal(compared_files(&compared, "a", "b", NULL), MLG_OK);
    assert_string_equal(compared.comparison.total.undefined, "'w' has another shape");
    compared_end(&compared);
}

/* ---- numbers of oracles: tests/oracles/compare.py, onnx_models.py ---------------------------------- */

struct expected {
    const char *directory; /* below tests/oracles */
    char name[64], a[64], b[64], part[64], differ[24], max_ulp[24];
    unsigned long long elements;
    double max_abs, max_rel, relative_l2;
};

/* The fields of a line, which hold no quotes; one may be empty. */
static bool take_field(char **at, char *field, size_t size)
{
    char *end = *at + strcspn(*at, ",\n");
    const bool more = *end == ',' || *end == '\n';
    *end = '\0';
    const bool fits = (size_t)(end - *at) < size;
    memcpy(field, *at, fits ? (size_t)(end - *at) + 1 : 0);
    *at = end + more;
    return more && fits;
}

static size_t read_expected(const char *directory, struct expected *expected, size_t most)
{
    char path[1024], line[512], numbers[4][32];
    size_t count = 0;
    snprintf(path, sizeof path, "%s/tests/oracles/%s_expected.csv", MLG_SOURCE_DIR, directory);
    FILE *file = fopen(path, "r");
    while (file && count < most && fgets(line, sizeof line, file)) {
        struct expected *row = &expected[count];
        char *at = line;
        const bool good = take_field(&at, row->name, sizeof row->name) &&
                          take_field(&at, row->a, sizeof row->a) && take_field(&at, row->b, sizeof row->b) &&
                          take_field(&at, row->part, sizeof row->part) &&
                          take_field(&at, numbers[0], sizeof numbers[0]) &&
                          take_field(&at, row->differ, sizeof row->differ) &&
                          take_field(&at, numbers[1], sizeof numbers[1]) &&
                          take_field(&at, numbers[2], sizeof numbers[2]) &&
                          take_field(&at, row->max_ulp, sizeof row->max_ulp) &&
                          take_field(&at, numbers[3], sizeof numbers[3]);
        if (!good || strcmp(row->name, "name") == 0)
            continue;
        row->directory = directory;
        row->elements = strtoull(numbers[0], NULL, 10);
        row->max_abs = strtod(numbers[1], NULL);
        row->max_rel = strtod(numbers[2], NULL);
        row->relative_l2 = strtod(numbers[3], NULL);
        count++;
    }
    if (file)
        fclose(file);
    return count;
}

static bool is_near(double value, double expected)
{
    return isinf(expected) ? isinf(value) : fabs(value - expected) <= 4e-16 * fabs(expected);
}

static void agrees_with_the_oracle(void **state)
{
    const struct expected *row = *state;
    struct compared compared;
    char path[2][1024], differ[24], ulp[24];
    compared_begin(&compared);
    for (int i = 0; i < 2; i++) {
        snprintf(path[i], sizeof path[i], "%s/tests/oracles/%s/%s", MLG_SOURCE_DIR, row->directory,
                 i ? row->b : row->a);
        assert_true(world_memory_load(&compared.memory, i ? row->b : row->a, path[i]));
    }
    assert_int_equal(compared_files(&compared, row->a, row->b, NULL), MLG_OK);
    const struct mlg_part *part = NULL;
    for (size_t i = 0; i < compared.comparison.part_count; i++)
        if (strcmp(compared.comparison.parts[i].name, row->part) == 0)
            part = &compared.comparison.parts[i];
    assert_non_null(part);
    const struct mlg_distance *distance = &part->distance;
    assert_int_equal(distance->elements, row->elements);
    snprintf(differ, sizeof differ, "%llu", (unsigned long long)distance->differ);
    assert_string_equal(differ, row->differ);
    snprintf(ulp, sizeof ulp, "%llu", (unsigned long long)distance->max_ulp);
    assert_string_equal(distance->max_ulp == UINT64_MAX ? "inf" : ulp, row->max_ulp);
    assert_true(is_near(distance->max_abs_difference, row->max_abs));
    assert_true(is_near(distance->max_rel_difference, row->max_rel));
    assert_true(is_near(distance->relative_l2, row->relative_l2));
    assert_int_equal(part->verdict > MLG_PART_SAME, distance->differ > 0);
    compared_end(&compared);
}

/* ---- predictions ----------------------------------------------------------------------------------- */

static struct flip {
    const char *name, *a, *b, *id, *label, *score;
    bool lines;       /* the files are a.jsonl and b.jsonl */
    const char *told; /* "changed/n", and so on; or the error */
    bool scores_alone;
} flips[] = {
    {.name = "nothing changes", .a = "id,p\n1,x\n2,y\n", .b = "id,p\n1,x\n2,y\n", .told = "0/2"},
    {.name = "numbers are equal however they are written",
     .a = "p\n1\n2.0\n",
     .b = "p\n1.0\n2\n",
     .told = "0/2"},
    {.name = "changed rows are counted and named by their number",
     .a = "p\nx\ny\nx\n",
     .b = "p\nx\nx\ny\n",
     .told = "2/3 rows 2 3"},
    {.name = "rows are joined by their id and named by it",
     .a = "id,p\nr1,x\nr2,y\n",
     .b = "id,p\nr2,x\nr1,x\n",
     .id = "id",
     .told = "1/2 rows r2"},
    {.name = "labels tell what became wrong and what right",
     .a = "y,p\n1,0\n1,1\n1,2\n0,0\n",
     .b = "y,p\n1,1\n1,0\n1,0\n0,0\n",
     .label = "y",
     .told = "3/4 wrong 1 right 1 neither 1 rows 1 2 3"},
    {.name = "a label may stand in one of the files",
     .a = "id,p\n1,0\n2,0\n",
     .b = "id,p,y\n1,0,0\n2,1,1\n",
     .id = "id",
     .label = "y",
     .told = "1/2 wrong 1 right 0 neither 0 rows 2"},
    {.name = "labels that are not the same are an error",
     .a = "id,p,y\n1,0,1\n",
     .b = "id,p,y\n1,0,0\n",
     .id = "id",
     .label = "y",
     .told = "the label of id=1 is not the same in 'a.csv' and 'b.csv'"},
    {.name = "a label that is missing is an error",
     .a = "id,p\n1,0\n2,0\n",
     .b = "id,p,y\n1,0,0\n2,1,\n",
     .id = "id",
     .label = "y",
     .told = "'b.csv': the label of id=2 in column 'y' is missing"},
    {.name = "a label that is nowhere is an error",
     .a = "p\n0\n",
     .b = "p\n1\n",
     .label = "y",
     .told = "column 'y' not found in 'b.csv'"},
    {.name = "the largest change of a score is told with its row",
     .a = "p,s\n1,0.5\n1,0.25\n",
     .b = "p,s\n1,0.5\n1,0.75\n",
     .score = "s",
     .told = "0/2 score 0.5 at row 2"},
    {.name = "a score that is missing on one side is infinitely far",
     .a = "p,s\n1,0.5\n1,\n",
     .b = "p,s\n1,0.5\n1,0.75\n",
     .score = "s",
     .told = "0/2 score inf at row 2"},
    {.name = "a score that is no number is an error",
     .a = "p,s\n1,0.5\n1,high\n",
     .b = "p,s\n1,0.5\n1,0.75\n",
     .score = "s",
     .told = "'a.csv': the score 'high' in column 's' (row 2) is no number"},
    {.name = "a prediction that is missing on one side has changed",
     .a = "p\nx\n\"\"\n",
     .b = "p\nx\ny\n",
     .told = "1/2 rows 2"},
    {.name = "JSON lines are a table, whatever the order of keys and lines",
     .a = "{\"id\": 1, \"p\": \"x\"}\n{\"p\": \"y\\\"\\u00e4\", \"id\": 2}\n",
     .b = "{\"id\": 2, \"p\": \"y\\\"\xc3\xa4\"}\n\n{\"id\": 1, \"p\": \"y\"}",
     .id = "id",
     .lines = true,
     .told = "1/2 rows 1"},
    {.name = "in JSON lines null and a key that is not there are missing",
     .a = "{\"p\": 1, \"s\": 0.5}\n{\"p\": null, \"s\": 1e-1}\n",
     .b = "{\"p\": 1, \"s\": 0.5}\n{\"s\": 0.1}\n",
     .score = "s",
     .lines = true,
     .told = "0/1 missing 1"},
    {.name = "a line that is no object is an error",
     .a = "{\"p\": 1}\n[1]\n",
     .b = "{\"p\": 1}\n",
     .lines = true,
     .told = "an array stands here; JSON lines are objects"},
    {.name = "an object within a line is an error",
     .a = "{\"p\": {\"q\": 1}}\n",
     .b = "{\"p\": 1}\n",
     .lines = true,
     .told = "column 'p' holds an object here"},
    {.name = "a key that stands twice in a line is an error",
     .a = "{\"p\": 1, \"p\": 2}\n",
     .b = "{\"p\": 1}\n",
     .lines = true,
     .told = "key 'p' stands twice in this line"},
    {.name = "an id that stands twice in JSON lines is an error",
     .a = "{\"id\": 1, \"p\": 1}\n{\"id\": 1, \"p\": 1}\n",
     .b = "{\"id\": 1, \"p\": 1}\n",
     .id = "id",
     .lines = true,
     .told = "the id '1' stands twice in column 'id'"},
    {.name = "where no row has a prediction there is nothing to compare",
     .a = "p\nnan\n\"\"\n",
     .b = "p\nNaN\n\"\"\n",
     .told = "'a.csv': every prediction in column 'p' is missing or not a number"},
    {.name = "where no row has a score there is nothing to compare",
     .a = "p,s\n1,0.5\n1,0.5\n",
     .b = "p,s\n1,nan\n1,\n",
     .score = "s",
     .told = "'b.csv': every score in column 's' is missing or not a number"},
    {.name = "scores are compared without predictions, and labels are then of no matter",
     .a = "s,y\n0.5,1\n0.25,1\n",
     .b = "s,y\n0.5,1\n0.75,2\n",
     .score = "s",
     .label = "y",
     .scores_alone = true,
     .told = "1/2 score 0.5 at row 2 rows 2"},
    {.name = "without predictions a column of no scores is told as one of scores",
     .a = "s\nnan\n",
     .b = "s\n0.5\n",
     .score = "s",
     .scores_alone = true,
     .told = "'a.csv': every score in column 's' is missing or not a number"},
    {.name = "one row that has a prediction is enough",
     .a = "p\nnan\n1\n",
     .b = "p\nnan\n1\n",
     .told = "0/1 missing 1"},
    {.name = "rows without a prediction on either side are not compared, and those without one on one side "
             "have changed",
     .a = "p\nnan\n1\n\"\"\n1\n",
     .b = "p\n\"\"\n1\n1\nnan\n",
     .told = "2/3 rows 3 4 missing 1"},
    {.name = "scores that neither side has are counted",
     .a = "p,s\n1,nan\n1,0.5\n1,\n",
     .b = "p,s\n1,\n1,0.5\n1,\n",
     .score = "s",
     .told = "0/3 missing scores 2 of 3"},
    {.name = "rows on one side only are counted and named",
     .a = "id,p\n1,x\n2,y\n3,y\n",
     .b = "id,p\n1,x\n4,y\n",
     .id = "id",
     .told = "0/1 only 2+1 id=2 is only in 'a.csv', id=4 only in 'b.csv'"},
    {.name = "more rows by position are on one side only",
     .a = "p\nx\n",
     .b = "p\nx\ny\n",
     .told = "0/1 only 0+1 row 2 is only in 'b.csv'"},
    {.name = "tables without a row in common are an error",
     .a = "id,p\n1,x\n",
     .b = "id,p\n2,x\n",
     .id = "id",
     .told = "'a.csv' and 'b.csv' have no row in common"},
    {.name = "an id that stands twice in B is an error",
     .a = "id,p\n1,x\n",
     .b = "id,p\n1,x\n1,x\n",
     .id = "id",
     .told = "the id '1' stands twice in column 'id'"},
    {.name = "an id that is missing is an error",
     .a = "id,p\n1,x\n,x\n",
     .b = "id,p\n1,x\n",
     .id = "id",
     .told = "the id in column 'id' is missing"},
};

static void counts_flips(void **state)
{
    const struct flip *row = *state;
    struct world_memory memory;
    struct mlg_arena arena;
    struct mlg_flips found;
    struct mlg_error error = {0};
    struct mlg_builder told;
    const struct mlg_flips_options options = {.prediction = row->scores_alone ? NULL : "p",
                                              .id = row->id,
                                              .label = row->label,
                                              .scores = &row->score,
                                              .score_count = row->score != NULL};
    world_memory_init(&memory);
    mlg_arena_init(&arena, 0);
    mlg_builder_init(&told, 0);
    const char *a = row->lines ? "a.jsonl" : "a.csv", *b = row->lines ? "b.jsonl" : "b.csv";
    add_file(&memory, a, row->a);
    add_file(&memory, b, row->b);
    const int code = mlg_compare_predictions(&memory.world, a, b, &options, &arena, &found, &error);
    if (code) {
        assert_int_equal(code, MLG_DATA);
        assert_memory_equal(error.text, row->told, strlen(row->told));
    } else {
        mlg_put_format(&told, "%llu/%llu", (unsigned long long)found.changed, (unsigned long long)found.n);
        if (found.labelled)
            mlg_put_format(
                &told, " wrong %llu right %llu neither %llu", (unsigned long long)found.correct_to_wrong,
                (unsigned long long)found.wrong_to_correct, (unsigned long long)found.wrong_to_wrong);
        if (found.max_score_row) {
            mlg_put(&told, " score ");
            mlg_put_number(&told, found.max_score_change);
            mlg_put_format(&told, " at %s", found.max_score_row);
        }
        for (size_t i = 0; i < found.row_count; i++)
            mlg_put_format(&told, "%s %s", i ? "" : " rows", found.rows[i]);
        if (found.missing > 0)
            mlg_put_format(&told, " missing %llu", (unsigned long long)found.missing);
        if (found.missing_scores > 0)
            mlg_put_format(&told, " missing scores %llu of %llu", (unsigned long long)found.missing_scores,
                           (unsigned long long)found.scores);
        if (found.only)
            mlg_put_format(&told, " only %llu+%llu %s", (unsigned long long)found.only_a,
                           (unsigned long long)found.only_b, found.only);
        assert_string_equal(told.data, row->told);
    }
    mlg_builder_free(&told);
    mlg_arena_free(&arena);
    world_memory_free(&memory);
}

/* ---- the same rows --------------------------------------------------------------------------------- */

static struct about {
    const char *name, *a, *b, *id;
    const char *why; /* NULL: they are about the same rows; the error where there is one */
} abouts[] = {
    {.name = "other predictions are about the same rows",
     .a = "id,y,p\n1,0,0\n2,1,1\n",
     .b = "id,y,p\n2,1.0,0\n1,0,1\n",
     .id = "id"},
    {.name = "without an id rows are matched by place",
     .a = "y,p\n0,0\n1,1\n",
     .b = "y,p\n1,0\n0,1\n",
     .why = "'y' of row 1 is '0' in 'a.csv' and '1' in 'b.csv'"},
    {.name = "a row that one of them lacks is told",
     .a = "id,p\n1,0\n",
     .b = "id,p\n1,0\n2,0\n",
     .id = "id",
     .why = "id=2 is only in 'b.csv'"},
    {.name = "rows are counted where there is no id",
     .a = "p\n0\n0\n",
     .b = "p\n0\n",
     .why = "row 2 is only in 'a.csv'"},
    {.name = "another label is told with its row",
     .a = "id,y,p\n1,0,0\n2,1,1\n",
     .b = "id,y,p\n1,0,0\n2,0,1\n",
     .id = "id",
     .why = "'y' of id=2 is '1' in 'a.csv' and '0' in 'b.csv'"},
    {.name = "a prediction that one of them lacks is told",
     .a = "id,y,p\n1,0,0\n2,1,\n",
     .b = "id,y,p\n1,0,0\n2,1,1\n",
     .id = "id",
     .why = "id=2 has no 'p' in 'a.csv', and one in 'b.csv'"},
    {.name = "a prediction that is missing in both is missing in the same rows",
     .a = "id,y,p\n1,0,0\n2,1,\n",
     .b = "id,y,p\n1,0,1\n2,1,nan\n",
     .id = "id"},
    {.name = "an id that stands twice is an error",
     .a = "id,p\n1,0\n1,0\n",
     .b = "id,p\n1,0\n2,0\n",
     .id = "id",
     .why = "the id '1' stands twice in column 'id'"},
    {.name = "columns that one of them lacks are not looked at", .a = "p\n0\n", .b = "p,y\n0,1\n"},
};

static void tells_the_same_rows(void **state)
{
    const struct about *row = *state;
    struct world_memory memory;
    struct mlg_arena arena;
    struct mlg_error error = {0};
    static const char *const same[] = {"y"}, *const present[] = {"p"};
    const struct mlg_rows_options options = {
        .id = row->id, .same = same, .present = present, .same_count = 1, .present_count = 1};
    const char *why;
    world_memory_init(&memory);
    mlg_arena_init(&arena, 0);
    add_file(&memory, "a.csv", row->a);
    add_file(&memory, "b.csv", row->b);
    const int code = mlg_compare_rows(&memory.world, "a.csv", "b.csv", &options, &arena, &why, &error);
    const char *told = code ? error.text : why;
    if (row->why) {
        assert_non_null(told);
        assert_memory_equal(told, row->why, strlen(row->why));
    } else {
        assert_null(told);
    }
    mlg_arena_free(&arena);
    world_memory_free(&memory);
}

/* ---- predictions of several runs ---------------------------------------------------------------------- */

static struct run_flips {
    const char *name, *tables[4], *id, *label;
    const char *told; /* "changed/n", the table that changed most rows and how many; or the error */
} run_flips[] = {
    {.name = "runs that predict alike flip nothing",
     .tables = {"p\nx\ny\n", "p\nx\ny\n", "p\nx\ny\n"},
     .told = "0/2 worst 1: 0"},
    {.name = "other rows that change in other runs count together",
     .tables = {"p\nx\nx\nx\nx\n", "p\ny\nx\nx\nx\n", "p\nx\ny\ny\nx\n"},
     .told = "3/4 worst 2: 2"},
    {.name = "a row counts once however many runs change it",
     .tables = {"p\nx\nx\n", "p\ny\nx\n", "p\nz\nx\n", "p\ny\nx\n"},
     .told = "1/2 worst 1: 1"},
    {.name = "rows of several runs are joined by their id, whatever their order",
     .tables = {"id,p\na,x\nb,x\nc,x\n", "id,p\nc,y\na,x\nb,x\n", "id,p\nb,x\nc,y\na,x\n"},
     .id = "id",
     .told = "1/3 worst 1: 1"},
    {.name = "right and wrong are those of the run that changed most rows",
     .tables = {"p,y\n1,1\n1,1\n0,1\n", "p,y\n1,1\n1,1\n1,1\n", "p,y\n0,1\n0,1\n0,1\n"},
     .label = "y",
     .told = "3/3 worst 2: 2 wrong 2 right 0"},
    {.name = "a run with other rows is told of before all others",
     .tables = {"id,p\na,x\nb,x\n", "id,p\na,y\nb,y\n", "id,p\na,x\nd,x\n", "id,p\na,x\nb,x\n"},
     .id = "id",
     .told = "2/1 worst 2: 0 only id=d is only in 'run2.csv', id=b only in 'run0.csv'"},
    {.name = "a row counts where any run has a prediction, and has changed where another has none",
     .tables = {"p\nx\nnan\nnan\n", "p\nx\nnan\nnan\n", "p\nx\ny\nnan\n"},
     .told = "1/2 worst 2: 1 missing 1"},
    {.name = "a run without the column is an error",
     .tables = {"p\nx\n", "p\nx\n", "q\nx\n"},
     .told = "column 'p' not found in 'run2.csv'"},
};

static void counts_flips_of_all(void **state)
{
    static const char *const paths[] = {"run0.csv", "run1.csv", "run2.csv", "run3.csv"};
    const struct run_flips *row = *state;
    struct world_memory memory;
    struct mlg_arena arena;
    struct mlg_flips_of_all found;
    struct mlg_error error = {0};
    struct mlg_builder told;
    const struct mlg_flips_options options = {.prediction = "p", .id = row->id, .label = row->label};
    size_t count = 0;
    world_memory_init(&memory);
    mlg_arena_init(&arena, 0);
    mlg_builder_init(&told, 0);
    for (; count < 4 && row->tables[count]; count++)
        add_file(&memory, paths[count], row->tables[count]);
    const int code =
        mlg_compare_all_predictions(&memory.world, paths, count, &options, &arena, &found, &error);
    if (code) {
        assert_int_equal(code, MLG_DATA);
        assert_memory_equal(error.text, row->told, strlen(row->told));
    } else {
        mlg_put_format(&told, "%llu/%llu worst %zu: %llu", (unsigned long long)found.changed,
                       (unsigned long long)found.n, found.worst_table,
                       (unsigned long long)found.worst.changed);
        if (found.worst.labelled)
            mlg_put_format(&told, " wrong %llu right %llu", (unsigned long long)found.worst.correct_to_wrong,
                           (unsigned long long)found.worst.wrong_to_correct);
        if (found.missing > 0)
            mlg_put_format(&told, " missing %llu", (unsigned long long)found.missing);
        if (found.worst.only)
            mlg_put_format(&told, " only %s", found.worst.only);
        assert_string_equal(told.data, row->told);
    }
    mlg_builder_free(&told);
    mlg_arena_free(&arena);
    world_memory_free(&memory);
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(what_unpacks_too_far_is_refused_before_it_is_read),
        cmocka_unit_test(archives_are_nested_so_deep_and_no_deeper),
        cmocka_unit_test(what_cannot_be_read_is_an_error),
        cmocka_unit_test(a_stream_is_read_as_a_file_is),
        cmocka_unit_test(totals_are_over_all_parts),
    };
    enum { MOST_EXPECTED = 150 };
    static struct expected expected[MOST_EXPECTED];
    size_t expected_count = read_expected("compare", expected, MOST_EXPECTED);
    const size_t onnx_count =
        read_expected("onnx", expected + expected_count, MOST_EXPECTED - expected_count);
    struct CMUnitTest
        tests[COUNT(rows) + COUNT(flips) + COUNT(run_flips) + COUNT(abouts) + COUNT(others) + MOST_EXPECTED];
    size_t count = 0;
    if (expected_count == 0 || onnx_count == 0) {
        fprintf(stderr, "tests/oracles/compare_expected.csv or onnx_expected.csv cannot be read\n");
        return 1;
    }
    expected_count += onnx_count;
    NAMED_ROWS_READ(tests, count, expected, expected_count, agrees_with_the_oracle);
    NAMED_ROWS(tests, count, rows, compares);
    NAMED_ROWS(tests, count, flips, counts_flips);
    NAMED_ROWS(tests, count, run_flips, counts_flips_of_all);
    NAMED_ROWS(tests, count, abouts, tells_the_same_rows);
    for (size_t i = 0; i < COUNT(others); i++)
        tests[count++] = others[i];
    return _cmocka_run_group_tests("compare", tests, count, NULL, NULL);
}
