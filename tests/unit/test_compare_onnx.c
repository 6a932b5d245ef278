/* Two ONNX models by meaning, written down by hand: what is the same whatever its bytes, what differs and
 * where, what is refused. Models that others made, and numbers of numpy: tests/oracles/onnx_models.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compared.h"
#include "named_rows.h"

/* ---- protobuf, written down ---------------------------------------------------------------------------- */

static void put_varint(struct mlg_builder *out, uint64_t value)
{
    do {
        const unsigned char byte = (unsigned char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        mlg_put_bytes(out, (const char[]){(char)byte}, 1);
        value >>= 7;
    } while (value > 0);
}

static void put_single(struct mlg_builder *out, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 4; i++)
        mlg_put_bytes(out, (const char[]){(char)(bits >> (8 * i))}, 1);
}

static void put_held(struct mlg_builder *out, struct mlg_builder *held)
{
    put_varint(out, held->size);
    mlg_put_bytes(out, held->size ? held->data : "", held->size);
    mlg_builder_free(held);
}

static char *skip_blanks(char *at)
{
    return at + strspn(at, " ");
}

/* Fields until '}' or the end: 7=-1 a varint, 2~0.5 a float, 5"text", 5#00ff bytes, 7{...} a message,
 * 7[1 2] varints packed, 4~[1 2] floats packed; !ff bytes as they are. */
static char *put_fields(struct mlg_builder *out, char *at)
{
    for (at = skip_blanks(at); *at && *at != '}'; at = skip_blanks(at)) {
        const bool raw = *at == '!';
        const uint64_t number = raw ? 0 : strtoull(at, &at, 10);
        struct mlg_builder held;
        mlg_builder_init(&held, 0);
        at += raw;
        const char mark = raw ? '#' : *at++;
        if (mark == '=') {
            put_varint(out, number << 3);
            put_varint(out, (uint64_t)strtoll(at, &at, 10));
        } else if (mark == '~' && *at != '[') {
            put_varint(out, number << 3 | 5);
            put_single(out, strtof(at, &at));
        } else if (mark == '[' || mark == '~') {
            for (at = skip_blanks(at + (mark == '~')); *at != ']'; at = skip_blanks(at))
                if (mark == '[')
                    put_varint(&held, (uint64_t)strtoll(at, &at, 10));
                else
                    put_single(&held, strtof(at, &at));
            at++;
        } else if (mark == '"') {
            char *end = strchr(at, '"');
            assert_non_null(end);
            mlg_put_bytes(&held, at, (size_t)(end - at));
            at = end + 1;
        } else if (mark == '{') {
            at = put_fields(&held, at);
            assert_int_equal(*at, '}');
            at++;
        } else {
            assert_int_equal(mark, '#');
            for (; isxdigit((unsigned char)at[0]); at += 2) {
                unsigned byte;
                assert_int_equal(sscanf(at, "%2x", &byte), 1);
                mlg_put_bytes(&held, (const char[]){(char)byte}, 1);
            }
        }
        if (raw) {
            mlg_put_bytes(out, held.data, held.size);
            mlg_builder_free(&held);
        } else if (mark == '=' || (mark == '~' && held.size == 0)) {
            mlg_builder_free(&held);
        } else {
            put_varint(out, number << 3 | 2);
            put_held(out, &held);
        }
    }
    return at;
}

static void add_model(struct world_memory *memory, const char *path, const char *text)
{
    struct mlg_builder out;
    char *copy = malloc(strlen(text) + 1);
    assert_non_null(copy);
    memcpy(copy, text, strlen(text) + 1);
    mlg_builder_init(&out, 0);
    mlg_put(&out, "");
    assert_int_equal(*put_fields(&out, copy), '\0');
    assert_false(out.failed);
    world_memory_put(memory, path, WORLD_MEMORY_FILE, out.data, out.size);
    mlg_builder_free(&out);
    free(copy);
}

/* ---- rows ---------------------------------------------------------------------------------------------- */

#define MODEL(graph) "1=8 7{" graph "} 8{2=17}"
#define TENSOR(name, type, shape, values) "5{1[" shape "] 2=" #type " " values " 8\"" name "\"} "
#define NODE(type, in, out, more) "1{1\"" in "\" 2\"" out "\" 4\"" type "\" " more "} "
#define VALUE(number, name, type, shape) #number "{1\"" name "\" 2{1{1=" #type " 2{" shape "}}}} "
#define ENTRY(key, value) "13{1\"" key "\" 2\"" value "\"} "
#define OUTSIDE(name, type, shape, more) "5{1[" shape "] 2=" #type " 8\"" name "\" 14=1 " more "} "
#define AT(location, offset) ENTRY("location", location) ENTRY("offset", offset)
#define DAMAGED "'a.onnx' is damaged, or no ONNX model: "

static struct row {
    const char *name;
    const char *a, *b;  /* fields of the files */
    const char *path_b; /* NULL: "b.onnx" */
    double absolute;
    const char *ignore;
    const char *told; /* parts that are not identical, "" where all are; or how the error begins */
    bool same;
    const char *note; /* the first; NULL: there is none */
} rows[] = {
    /* What is the same. */
    {.name = "names, texts, dates and producers are left out, and a note says which differ",
     .a = "2\"one\" 3\"1.0\" 5=1 6\"x\" 14{1\"date\" 2\"today\"} " MODEL(
         "2\"g\" " NODE("Relu", "x", "y", "3\"n\"")),
     .b = "2\"two\" 3\"2.0\" 5=2 6\"y\" 14{1\"date\" 2\"tomorrow\"} " MODEL(
         "2\"h\" " NODE("Relu", "x", "y", "3\"m\"")),
     .told = "",
     .same = true,
     .note = "of an ONNX model these differ and are left out: names of nodes and graphs, doc_string, "
             "producer_name, producer_version, model_version, metadata_props"},
    {.name = "the order of nodes, tensors and attributes is of no matter",
     .a = MODEL(NODE("Relu", "x", "p", "")
                    NODE("Gemm", "x", "y", "5{1\"alpha\" 2~2 20=1} 5{1\"beta\" 2~3 20=1}")
                        TENSOR("v", 1, "1", "4~1") TENSOR("w", 1, "1", "4~2")),
     .b = MODEL(TENSOR("w", 1, "1", "4~2") TENSOR("v", 1, "1", "4~1") NODE(
         "Gemm", "x", "y", "5{1\"beta\" 2~3 20=1} 5{1\"alpha\" 2~2 20=1}") NODE("Relu", "x", "p", "")),
     .told = "",
     .same = true},
    {.name = "floats are the same as raw_data, packed and one by one",
     .a = MODEL(TENSOR("w", 1, "2", "9#0000803f00000040") TENSOR("v", 1, "2", "4~[1 2]")),
     .b = MODEL(TENSOR("w", 1, "2", "4~1 4~2") TENSOR("v", 1, "2", "4~[1] 4~[2]")),
     .told = "",
     .same = true},
    {.name = "so is a shape, packed and one by one",
     .a = MODEL("5{1[2 1] 2=1 4~[1 2] 8\"w\"}"),
     .b = MODEL("5{1=2 1=1 2=1 4~[1 2] 8\"w\"}"),
     .told = "",
     .same = true},
    {.name = "whole numbers, halves and truth are the same as raw_data and in int32_data",
     .a = MODEL(TENSOR("h", 10, "2", "9#003c00bc") TENSOR("i", 3, "2", "9#ff05") TENSOR("t", 9, "2", "9#0100")
                    TENSOR("b", 16, "1", "9#803f") TENSOR("l", 7, "1", "9#ffffffffffffffff")),
     .b = MODEL(TENSOR("h", 10, "2", "5[15360 48128]") TENSOR("i", 3, "2", "5[-1 5]") TENSOR(
         "t", 9, "2", "5=1 5=0") TENSOR("b", 16, "1", "5[16256]") TENSOR("l", 7, "1", "7[-1]")),
     .told = "",
     .same = true},
    {.name = "two numbers of four bits share a byte of raw_data and an entry of int32_data",
     .a = MODEL(TENSOR("w", 22, "3", "9#f107") TENSOR("q", 25, "3", "9#39")),
     .b = MODEL(TENSOR("w", 22, "3", "5[241 7]") TENSOR("q", 25, "3", "5[57]")),
     .told = "",
     .same = true},
    {.name = "four numbers of six bits share three bytes of raw_data, and have an entry each",
     .a = MODEL(TENSOR("w", 27, "4", "9#c12f0c") TENSOR("s", 27, "1", "9#3f")),
     .b = MODEL(TENSOR("w", 27, "4", "5[1 63 2 3]") TENSOR("s", 27, "1", "5[63]")),
     .told = "",
     .same = true},
    {.name = "zeros of both signs are equal, and so are two NaN",
     .a = MODEL(TENSOR("w", 1, "2", "4~[0 nan]")),
     .b = MODEL(TENSOR("w", 1, "2", "4~[-0 nan]")),
     .told = "w same",
     .same = true},
    {.name = "ai.onnx is the domain without a name, and an opset may stand twice",
     .a = "1=8 7{" NODE("Relu", "x", "y", "7\"ai.onnx\"") "} 8{2=17} 8{2=17}",
     .b = "1=8 7{" NODE("Relu", "x", "y", "") "} 8{1\"ai.onnx\" 2=17} 8{1\"\" 2=17}",
     .told = "",
     .same = true},
    {.name = "an attribute need not say its type",
     .a = MODEL(NODE("Gemm", "x", "y", "5{1\"alpha\" 2~2 20=1}")),
     .b = MODEL(NODE("Gemm", "x", "y", "5{1\"alpha\" 2~2}")),
     .told = "",
     .same = true},
    {.name = "types of values in between are left out",
     .a = MODEL(NODE("Relu", "x", "y", "") VALUE(13, "y", 1, "")),
     .b = MODEL(NODE("Relu", "x", "y", "")),
     .told = "",
     .same = true,
     .note = "of an ONNX model these differ and are left out: value_info"},
    {.name = "a file without a name is one, where the other is",
     .a = MODEL(TENSOR("w", 1, "1", "4~1")),
     .b = "1=8 2\"p\" 7{" TENSOR("w", 1, "1", "9#0000803f") "} 8{2=17}",
     .path_b = "-",
     .told = "",
     .same = true,
     .note = "of an ONNX model these differ and are left out: producer_name"},

    /* What differs. */
    {.name = "numbers of a tensor have a distance",
     .a = MODEL(TENSOR("w", 1, "2 2", "4~[1 2 3 4]")),
     .b = MODEL(TENSOR("w", 1, "2 2", "4~[1 2 3.5 4]")),
     .told = "w different 1/4 abs 0.5 at w[1, 0]: 3, 3.5"},
    {.name = "they are the same within the tolerance",
     .a = MODEL(TENSOR("w", 1, "1", "4~1")),
     .b = MODEL(TENSOR("w", 1, "1", "4~1.5")),
     .absolute = 0.5,
     .told = "w same 1/1 abs 0.5 at w[0]: 1, 1.5",
     .same = true},
    {.name = "a tensor is left out by its name",
     .a = MODEL(TENSOR("w", 1, "1", "4~1")),
     .b = MODEL(TENSOR("w", 1, "1", "4~1.5")),
     .ignore = "w",
     .told = "",
     .same = true,
     .note = "'w' is left out, as asked for"},
    {.name = "another shape, another type, and a tensor that only one has",
     .a = MODEL(TENSOR("s", 1, "2", "4~[1 2]") TENSOR("t", 1, "1", "4~1") TENSOR("u", 1, "0", "")),
     .b = MODEL(TENSOR("s", 1, "1 2", "4~[1 2]") TENSOR("t", 11, "1", "9#000000000000f03f")
                    TENSOR("v", 7, "", "7=3")),
     .told = "s different (float32 [2] against float32 [1, 2]); t different (float32 [1] against float64 "
             "[1]); u only_in_a; v only_in_b"},
    {.name = "floats of attributes are numbers, by the type of the node and their name",
     .a = MODEL(
         NODE("TreeEnsembleClassifier", "x", "y", "5{1\"nodes_values\" 7~[1 2] 20=6} 5{1\"alpha\" 2~1}")),
     .b = MODEL(NODE("TreeEnsembleClassifier", "x", "y",
                     "5{1\"nodes_values\" 7~1 7~2.5 20=6} 5{1\"alpha\" "
                     "2~0.5}")),
     .told = "node/TreeEnsembleClassifier/alpha different 1/1 abs 0.5 at node/TreeEnsembleClassifier/alpha: "
             "1, 0.5; node/TreeEnsembleClassifier/nodes_values different 1/2 abs 0.5 at "
             "node/TreeEnsembleClassifier/nodes_values[1]: 2, 2.5"},
    {.name = "whole numbers of attributes are features and axes: no tolerance is for them",
     .a = MODEL(NODE("Tree", "x", "y", "5{1\"features\" 8[1 2] 20=7} 5{1\"axis\" 3=1 20=2}")),
     .b = MODEL(NODE("Tree", "x", "y", "5{1\"features\" 8=1 8=3 20=7} 5{1\"axis\" 3=-1 20=2}")),
     .absolute = 10,
     .told = "node/Tree/axis different 1/1 at node/Tree/axis: 1, -1; node/Tree/features different 1/2 at "
             "node/Tree/features[1]: 2, 3"},
    {.name = "texts of attributes, and an attribute of another type or on one side alone",
     .a = MODEL(
         NODE("Tree", "x", "y", "5{1\"modes\" 9\"LT\" 9\"EQ\" 20=8} 5{1\"k\" 3=1 20=2} 5{1\"s\" 4\"a\"}")),
     .b = MODEL(NODE("Tree", "x", "y", "5{1\"modes\" 9\"LT\" 9\"LEQ\" 20=8} 5{1\"k\" 2~1 20=1}")),
     .told = "node/Tree/k different 1/2 at node/Tree/k type: INT, FLOAT; node/Tree/modes different 1/2 at "
             "node/Tree/modes[1]: EQ, LEQ; node/Tree/s only_in_a"},
    {.name = "another operator, input or domain at the same output",
     .a = MODEL(NODE("Relu", "x", "y", "") NODE("Add", "x", "z", "7\"d\"")),
     .b = MODEL(NODE("Elu", "x", "y", "") NODE("Add", "y", "z", "")),
     .told = "node/Add different 2/5 at node/Add input[0]: x, y; node/Relu:y different 1/5 at node/Relu:y "
             "op_type: Relu, Elu"},
    {.name = "nodes of one type are told by their outputs",
     .a = MODEL(NODE("Relu", "x", "p", "") NODE("Relu", "p", "y", "")),
     .b = MODEL(NODE("Relu", "x", "p", "") NODE("Relu", "p", "q", "")),
     .told = "node/Relu:q only_in_b; node/Relu:y only_in_a"},
    {.name = "also where only one of the graphs has several",
     .a = MODEL(NODE("Relu", "x", "p", "")),
     .b = MODEL(NODE("Relu", "z", "p", "") NODE("Relu", "p", "y", "")),
     .told = "node/Relu:p different 1/5 at node/Relu:p input[0]: x, z; node/Relu:y only_in_b"},
    {.name = "numbers of four bits have a sign",
     .a = MODEL(TENSOR("w", 22, "2", "9#0f")),
     .b = MODEL(TENSOR("w", 22, "2", "9#01")),
     .told = "w different 1/2 abs 2 at w[0]: -1, 1"},
    {.name = "inputs and outputs by place, with their types",
     .a = MODEL(VALUE(11, "x", 1, "1{2\"N\"} 1{1=4}") VALUE(12, "y", 7, "") VALUE(12, "z", 7, "")),
     .b = MODEL(VALUE(11, "x", 1, "1{2\"N\"} 1{1=5}") VALUE(12, "p", 7, "")),
     .told = "inputs different 1/2 at inputs type[0]: float32 ['N', 4], float32 ['N', 5]; outputs different "
             "2/3 at outputs name[0]: y, p"},
    {.name = "types of sequences, maps and what is optional",
     .a = MODEL("11{1\"x\" 2{4{1{5{1=8 2{1{1=1}}}}}}} 11{1\"o\" 2{9{1{8{1=1 2{1{1=2}}}}}}}"),
     .b = MODEL("11{1\"x\" 2{4{1{5{1=7 2{1{1=1}}}}}}} 11{1\"o\" 2{9{1{1{1=1 2{1{1=2}}}}}}}"),
     .told = "inputs different 2/4 at inputs type[0]: sequence(map(string, float32)), sequence(map(int64, "
             "float32))"},
    {.name = "the version of an opset, and of the format",
     .a = "1=8 7{} 8{2=17} 8{1\"ml\" 2=3}",
     .b = "1=9 7{} 8{1\"ml\" 2=4} 8{2=17}",
     .absolute = 5,
     .told =
         "model different 1/2 at model ir_version: 8, 9; opset/ml different 1/1 at opset/ml version: 3, 4"},
    {.name = "tensors and nodes in the branches of an If",
     .a = MODEL(NODE("If", "c", "y",
                     "5{1\"then_branch\" 6{" NODE("Constant", "", "d",
                                                  "5{1\"value\" 5{1=1 2=1 "
                                                  "4~1} 20=4}") TENSOR("w", 1, "1", "4~1") "} 20=5}")),
     .b = MODEL(NODE("If", "c", "y",
                     "5{1\"then_branch\" 6{" NODE("Constant", "", "d",
                                                  "5{1\"value\" 5{1=1 2=1 "
                                                  "4~2} 20=4}") TENSOR("w", 1, "1", "4~3") "} 20=5}")),
     .told = "node/If/then_branch/node/Constant/value different 1/1 abs 1 at "
             "node/If/then_branch/node/Constant/value[0]: 1, 2; node/If/then_branch/w different 1/1 abs 2 at "
             "node/If/then_branch/w[0]: 1, 3"},
    {.name = "nodes and defaults of a function",
     .a = MODEL("") " 25{10\"d\" 1\"f\" 4\"x\" 5\"y\" 7{1\"x\" 2\"y\" 4\"Elu\" 5{1\"alpha\" 2~1}} 11{1\"k\" "
                    "3=1} 9{2=17}}",
     .b = MODEL("") " 25{10\"d\" 1\"f\" 4\"z\" 5\"y\" 7{1\"x\" 2\"y\" 4\"Elu\" 5{1\"alpha\" 2~2}} 11{1\"k\" "
                    "3=2} 9{2=18}}",
     .told = "function/d.f different 1/2 at function/d.f input[0]: x, z; function/d.f/k different 1/1 at "
             "function/d.f/k: 1, 2; function/d.f/node/Elu/alpha different 1/1 abs 1 at "
             "function/d.f/node/Elu/alpha: 1, 2; function/d.f/opset/ai.onnx different 1/1 at "
             "function/d.f/opset/ai.onnx version: 17, 18"},
    {.name = "texts of a tensor",
     .a = MODEL(TENSOR("w", 8, "2", "6\"a\" 6\"b\"")),
     .b = MODEL(TENSOR("w", 8, "2", "6\"a\" 6\"c\"")),
     .told = "w different 1/2 at w[1]: b, c"},
    {.name = "a sparse tensor",
     .a = MODEL("15{1{1=1 2=1 4~1 8\"w\"} 2{1=1 2=7 7=3} 3=9}"),
     .b = MODEL("15{1{1=1 2=1 4~2 8\"w\"} 2{1=1 2=7 7=3} 3=8}"),
     .told = "w different 1/1 at w dims[0]: 9, 8; w/values different 1/1 abs 1 at w/values[0]: 1, 2"},
    {.name = "a field of a later version of ONNX is compared as bytes",
     .a = MODEL(NODE("Relu", "x", "y", "99\"a\"") TENSOR("w", 1, "0", "99=1")),
     .b = MODEL(NODE("Relu", "x", "y", "99\"b\"") TENSOR("w", 1, "0", "99=2")),
     .told = "node/Relu different 1/6 at node/Relu field 99: a, b; w different 1/1 at w field 99: \1, \2"},
    {.name = "so is a tensor of a type that is not known",
     .a = MODEL(TENSOR("w", 77, "1", "9#01")),
     .b = MODEL(TENSOR("w", 77, "1", "9#02")),
     .told = "w different 1/4 at w field 9: \1, \2"},
    {.name = "what is no model at all is another kind than one that is",
     .a = MODEL(""),
     .b = "!68656c6c6f",
     .path_b = "b.txt",
     .told = "file different (an ONNX model against text)"},

    /* What is damaged. */
    {.name = "a number that is cut short",
     .a = MODEL("") "!0880",
     .b = MODEL(""),
     .told = DAMAGED "a number is cut short, at byte"},
    {.name = "the same twice is no model either",
     .a = MODEL("") "!0880",
     .b = MODEL("") "!0880",
     .told = DAMAGED "a number is cut short"},
    {.name = "a number of more than 64 bits",
     .a = "!08ffffffffffffffffff02",
     .b = MODEL(""),
     .told = DAMAGED "a number is cut short"},
    {.name = "a length beyond the end",
     .a = MODEL("") "!3a7f00",
     .b = MODEL(""),
     .told = DAMAGED "a length reaches beyond the end"},
    {.name = "a length of 2^64 - 1",
     .a = MODEL("") "!3affffffffffffffffff01",
     .b = MODEL(""),
     .told = DAMAGED "a length reaches beyond the end"},
    {.name = "a length beyond the end of the message around it",
     .a = "1=8 7{!0a05 1{}}",
     .b = MODEL(""),
     .told = DAMAGED "a length reaches beyond the end"},
    {.name = "a group",
     .a = MODEL("") "!0b0c",
     .b = MODEL(""),
     .told = DAMAGED "a field is a group, which is not read"},
    {.name = "a field without a number",
     .a = MODEL("") "!0000",
     .b = MODEL(""),
     .told = DAMAGED "a field has a number that none has"},
    {.name = "text",
     .a = "!76657273696f6e",
     .b = MODEL(""),
     .told = DAMAGED "a field has a type that none has"},
    {.name = "a model without a graph", .a = "1=8", .b = MODEL(""), .told = DAMAGED "the model has no graph"},
    {.name = "a graph that stands twice",
     .a = "7{} 7{}",
     .b = MODEL(""),
     .told = DAMAGED "'graph' of the model stands twice"},
    {.name = "a graph that is a number",
     .a = "7=1",
     .b = MODEL(""),
     .told = DAMAGED "'graph' of the model is written as another type"},
    {.name = "floats whose last is cut short",
     .a = MODEL(TENSOR("w", 1, "1", "4#0000803f00")),
     .b = MODEL(""),
     .told = DAMAGED "'float_data' of a tensor has a number that is cut short"},
    {.name = "packed numbers whose last is cut short",
     .a = MODEL("5{1#80}"),
     .b = MODEL(""),
     .told = DAMAGED "'dims' of a tensor has a number that is cut short"},
    {.name = "a name that is no text",
     .a = MODEL("5{8#ff}"),
     .b = MODEL(""),
     .told = DAMAGED "'name' of a tensor is a name that is no UTF-8"},
    {.name = "a name with a zero",
     .a = MODEL("5{8#6100}"),
     .b = MODEL(""),
     .told = DAMAGED "'name' of a tensor is a name that is no UTF-8"},
    {.name = "fewer numbers than the shape says",
     .a = MODEL(TENSOR("w", 1, "2", "4~1")),
     .b = MODEL(""),
     .told = DAMAGED "tensor 'w' has a shape that does not fit its values"},
    {.name = "more raw_data than the shape says",
     .a = MODEL(TENSOR("w", 6, "1", "9#0000000000")),
     .b = MODEL(""),
     .told = DAMAGED "tensor 'w' has a shape that does not fit its values"},
    {.name = "a shape that no file could hold",
     .a = MODEL(TENSOR("w", 1, "4294967296 4294967296", "")),
     .b = MODEL(""),
     .told = DAMAGED "tensor 'w' has a shape larger than any file"},
    {.name = "a shape below zero",
     .a = MODEL(TENSOR("w", 1, "-1", "")),
     .b = MODEL(""),
     .told = DAMAGED "tensor 'w' has a shape that is none"},
    {.name = "values twice",
     .a = MODEL(TENSOR("w", 1, "1", "4~1 9#0000803f")),
     .b = MODEL(""),
     .told = DAMAGED "tensor 'w' has its values twice"},
    {.name = "values of another type",
     .a = MODEL(TENSOR("w", 1, "1", "7=1")),
     .b = MODEL(""),
     .told = DAMAGED "tensor 'w' has values that are not of its type"},
    {.name = "texts as raw_data",
     .a = MODEL(TENSOR("w", 8, "1", "9#61")),
     .b = MODEL(""),
     .told = DAMAGED "tensor 'w' has values that are not of its type"},
    {.name = "a number that the type has not",
     .a = MODEL(TENSOR("w", 3, "1", "5=256")),
     .b = MODEL(""),
     .told = DAMAGED "tensor 'w' has numbers that its type has not"},
    {.name = "an attribute with values of two types",
     .a = MODEL(NODE("Elu", "x", "y", "5{1\"k\" 2~1 3=1 20=1}")),
     .b = MODEL(""),
     .told = DAMAGED "attribute 'k' has values of another type than it says"},
    {.name = "an attribute without its tensor",
     .a = MODEL(NODE("Elu", "x", "y", "5{1\"k\" 20=4}")),
     .b = MODEL(""),
     .told = DAMAGED "attribute 'k' has no value"},
    {.name = "two tensors of a name",
     .a = MODEL(TENSOR("w", 1, "0", "") TENSOR("w", 1, "0", "")),
     .b = MODEL(""),
     .told = "'a.onnx' is damaged: there are two initialisers 'w' beside each other"},
    {.name = "two nodes of an output",
     .a = MODEL(NODE("Elu", "x", "y", "") NODE("Relu", "x", "y", "")),
     .b = MODEL(""),
     .told = "'a.onnx' is damaged: there are two nodes with the output 'y' beside each other"},
    {.name = "two attributes of a name",
     .a = MODEL(NODE("Elu", "x", "y", "5{1\"k\" 2~1} 5{1\"k\" 2~1}")),
     .b = MODEL(NODE("Elu", "x", "y", "")),
     .told = "'a.onnx' is damaged: there are two attributes 'k' beside each other"},
};

static void compares(void **state)
{
    const struct row *row = *state;
    struct compared compared;
    const struct mlg_comparison *comparison = &compared.comparison;
    const char *path_b = row->path_b ? row->path_b : "b.onnx";
    const struct mlg_compare_options options = {
        .absolute = row->absolute, .ignore = &row->ignore, .ignore_count = row->ignore != NULL};
    compared_begin(&compared);
    add_model(&compared.memory, "a.onnx", row->a);
    add_model(&compared.memory, path_b, row->b);
    const int code = compared_files(&compared, "a.onnx", path_b, &options);
    compared_check(&compared, row->told, row->same, true);
    if (code) {
        assert_int_equal(code, MLG_DATA);
    } else {
        assert_int_equal(comparison->same, comparison->total.beyond == 0 &&
                                               strstr(row->told, "only_in") == NULL &&
                                               strstr(row->told, "against") == NULL);
        assert_int_equal(comparison->note_count > 0, row->note != NULL);
        if (row->note)
            assert_string_equal(comparison->notes[0], row->note);
    }
    compared_end(&compared);
}

/* ---- values in other files ---------------------------------------------------------------------------- */

/* What lies beside the models, in "m" and, of B, in "n": 1 to 6 as 32-bit floats; the same with a float in
 * front and 4 for 40; 1 to 3 and 4 to 6 alone; bytes of half a float more. */
static const float numbers[] = {1, 2, 3, 4, 5, 6}, other_numbers[] = {9, 1, 2, 3, 40, 5, 6};
static const struct {
    const char *path;
    enum world_memory_kind kind;
    const void *bytes;
    size_t size;
} beside[] = {
    {"m/w.bin", WORLD_MEMORY_FILE, numbers, sizeof numbers},
    {"n/w.bin", WORLD_MEMORY_FILE, numbers, sizeof numbers},
    {"n/v.bin", WORLD_MEMORY_FILE, other_numbers, sizeof other_numbers},
    {"n/below/1", WORLD_MEMORY_FILE, numbers, 12},
    {"n/below/2", WORLD_MEMORY_FILE, numbers + 3, 12},
    {"m/packed", WORLD_MEMORY_FILE, "\x21\xf3", 2},
    {"m/packed.gz", WORLD_MEMORY_FILE, "\x1f\x8b\x08\x00", 4},
    {"m/within", WORLD_MEMORY_LINK, "m/w.bin", 7},
    {"m/out", WORLD_MEMORY_LINK, "n/w.bin", 7},
    {"m/far", WORLD_MEMORY_LINK, "mm", 2},
    {"mm", WORLD_MEMORY_FILE, numbers, sizeof numbers},
    {"m/pipe", WORLD_MEMORY_STREAM, "", 0},
    {"m/directory", WORLD_MEMORY_DIRECTORY, "", 0},
    {"w.bin", WORLD_MEMORY_FILE, numbers, sizeof numbers},
};

#define INSIDE TENSOR("w", 1, "6", "4~[1 2 3 4 5 6]")
#define OF_A(name) "tensor 'w' of 'm/a.onnx' lies in '" name "', "

static struct outside_row {
    const char *name, *a, *b;
    const char *told; /* parts that are not identical, or how the error begins */
    bool same, identical_bytes;
} outside_rows[] = {
    {.name = "what lies in a file is what lies in the model",
     .a = MODEL(OUTSIDE("w", 1, "6", AT("w.bin", "0") ENTRY("length", "24"))),
     .b = MODEL(INSIDE),
     .told = "",
     .same = true},
    {.name = "two models and two files of the same bytes",
     .a = MODEL(OUTSIDE("w", 1, "6", AT("w.bin", "0"))),
     .b = MODEL(OUTSIDE("w", 1, "6", AT("w.bin", "0"))),
     .told = "",
     .same = true,
     .identical_bytes = true},
    {.name = "other offsets and files, one for each tensor",
     .a = MODEL(OUTSIDE("v", 1, "3", AT("w.bin", "12") ENTRY("length", "12"))
                    OUTSIDE("w", 1, "3", AT("w.bin", "0"))),
     .b = MODEL(OUTSIDE("w", 1, "3", ENTRY("location", "./below//1"))
                    OUTSIDE("v", 1, "3", ENTRY("location", "below/2"))),
     .told = "",
     .same = true},
    {.name = "a number in a file that differs",
     .a = MODEL(OUTSIDE("w", 1, "6", AT("w.bin", "0"))),
     .b = MODEL(OUTSIDE("w", 1, "6", AT("v.bin", "4"))),
     .told = "w different 1/6 abs 36 at w[3]: 4, 40"},
    {.name = "another place of the same file",
     .a = MODEL(OUTSIDE("w", 1, "2", AT("w.bin", "0"))),
     .b = MODEL(OUTSIDE("w", 1, "2", AT("w.bin", "4"))),
     .told = "w different 2/2 abs 1 at w[0]: 1, 2"},
    {.name = "elements that share bytes",
     .a = MODEL(OUTSIDE("w", 22, "4", AT("packed", "0") ENTRY("length", "2"))),
     .b = MODEL(TENSOR("w", 22, "4", "9#21e3")),
     .told = "w different 1/4 abs 1 at w[3]: -1, -2"},
    {.name = "a file is read as it is, whatever it begins with",
     .a = MODEL(OUTSIDE("w", 2, "4", AT("packed.gz", "0"))),
     .b = MODEL(TENSOR("w", 2, "4", "9#1f8b0800")),
     .told = "",
     .same = true},
    {.name = "a tensor without elements",
     .a = MODEL(OUTSIDE("w", 1, "0 3", AT("w.bin", "24") ENTRY("length", "0"))),
     .b = MODEL(TENSOR("w", 1, "0 3", "")),
     .told = "",
     .same = true},
    {.name = "a tensor of an attribute",
     .a = MODEL(NODE("Constant", "x", "y", "5{1\"value\" 20=4 5{1[2] 2=1 14=1 " AT("w.bin", "8") "}}")),
     .b = MODEL(NODE("Constant", "x", "y", "5{1\"value\" 20=4 5{1[2] 2=1 4~[3 5]}}")),
     .told = "node/Constant/value different 1/2 abs 1 at node/Constant/value[1]: 4, 5"},
    {.name = "values of a sparse tensor",
     .a = MODEL("15{1{1[2] 2=1 8\"s\" 14=1 " AT("w.bin", "0") "} 2{1[2] 2=7 7[0 1]} 3[9]}"),
     .b = MODEL("15{1{1[2] 2=1 8\"s\" 4~[1 2]} 2{1[2] 2=7 7[0 1]} 3[9]}"),
     .told = "",
     .same = true},
    {.name = "another type is told without a look at the numbers",
     .a = MODEL(OUTSIDE("w", 6, "6", AT("w.bin", "0"))),
     .b = MODEL(INSIDE),
     .told = "w different (int32 [6] against float32 [6])"},
    {.name = "a link that stays in the directory",
     .a = MODEL(OUTSIDE("w", 1, "6", AT("within", "0"))),
     .b = MODEL(INSIDE),
     .told = "",
     .same = true},
    {.name = "a checksum and keys that others add are of no matter",
     .a = MODEL(OUTSIDE("w", 1, "6", AT("w.bin", "0") ENTRY("checksum", "00") ENTRY("key", ""))),
     .b = MODEL(INSIDE),
     .told = "",
     .same = true},

    /* What is refused, on whichever side it stands, and whatever the other is. */
    {.name = "a file that is not there",
     .a = MODEL(OUTSIDE("w", 1, "6", AT("nowhere", "0"))),
     .told = OF_A("nowhere") "which is not there; it has to lie beside the model"},
    {.name = "of two models of the same bytes one lacks its file",
     .a = MODEL(OUTSIDE("w", 1, "3", AT("below/1", "0"))),
     .b = MODEL(OUTSIDE("w", 1, "3", AT("below/1", "0"))),
     .told = OF_A("below/1") "which is not there; it has to lie beside the model"},
    {.name = "an absolute location",
     .a = MODEL(OUTSIDE("w", 1, "6", AT("/memory/m/w.bin", "0"))),
     .told = OF_A("/memory/m/w.bin") "an absolute path; it has to be one below the model's own directory"},
    {.name = "a location with two dots",
     .a = MODEL(OUTSIDE("w", 1, "6", AT("../w.bin", "0"))),
     .told = OF_A("../w.bin") "a path with '..'; it has to be one below the model's own directory"},
    {.name = "a location with two dots that stays within",
     .a = MODEL(OUTSIDE("w", 1, "6", AT("x/../w.bin", "0"))),
     .told = OF_A("x/../w.bin") "a path with '..'"},
    {.name = "a location that ends with two dots",
     .a = MODEL(OUTSIDE("w", 1, "6", AT("x/..", "0"))),
     .told = OF_A("x/..") "a path with '..'"},
    {.name = "no location",
     .a = MODEL(OUTSIDE("w", 1, "6", ENTRY("offset", "0"))),
     .told = OF_A("") "which names no file"},
    {.name = "the directory itself as location",
     .a = MODEL(OUTSIDE("w", 1, "6", AT(".//", "0"))),
     .told = OF_A("") "which names no file"},
    {.name = "a location that is no text",
     .a = MODEL(OUTSIDE("w", 1, "6", "13{1\"location\" 2#77002e} ")),
     .told = OF_A("") "which is no name of a file"},
    {.name = "a link that leads out of the directory",
     .a = MODEL(OUTSIDE("w", 1, "6", AT("out", "0"))),
     .told = OF_A("out") "a link that leads out of the model's own directory, where nothing is read"},
    {.name = "a link to a file whose name only begins as the directory's does",
     .a = MODEL(OUTSIDE("w", 1, "6", AT("far", "0"))),
     .told = OF_A("far") "a link that leads out of the model's own directory, where nothing is read"},
    {.name = "a pipe",
     .a = MODEL(OUTSIDE("w", 1, "6", AT("pipe", "0"))),
     .told = OF_A("pipe") "which is no plain file"},
    {.name = "a directory",
     .a = MODEL(OUTSIDE("w", 1, "6", AT("directory", "0"))),
     .told = OF_A("directory") "which is no plain file"},
    {.name = "a file that is too short",
     .a = MODEL(OUTSIDE("w", 1, "7", AT("w.bin", "0"))),
     .told = OF_A("w.bin") "which has 24 bytes: too few for 28 bytes from byte 0 on"},
    {.name = "a place that reaches beyond the end",
     .a = MODEL(OUTSIDE("w", 1, "6", AT("w.bin", "1"))),
     .told = OF_A("w.bin") "which has 24 bytes: too few for 24 bytes from byte 1 on"},
    {.name = "a place beyond all ends",
     .a = MODEL(OUTSIDE("w", 1, "6", AT("w.bin", "18446744073709551615"))),
     .told = OF_A("w.bin") "which has 24 bytes: too few for 24 bytes from byte 18446744073709551615 on"},
    {.name = "an offset that no number can hold",
     .a = MODEL(OUTSIDE("w", 1, "6", AT("w.bin", "18446744073709551616"))),
     .told = OF_A("w.bin") "at an 'offset' that is no whole number"},
    {.name = "an offset below zero",
     .a = MODEL(OUTSIDE("w", 1, "6", AT("w.bin", "-4"))),
     .told = OF_A("w.bin") "at an 'offset' that is no whole number"},
    {.name = "a length that the shape has not",
     .a = MODEL(OUTSIDE("w", 1, "5", AT("w.bin", "0") ENTRY("length", "24"))),
     .told = OF_A("w.bin") "with the length 24, where its type and shape take 20 bytes"},
    {.name = "a length of nothing",
     .a = MODEL(OUTSIDE("w", 1, "6", AT("w.bin", "0") ENTRY("length", "0"))),
     .told = OF_A("w.bin") "with the length 0, where its type and shape take 24 bytes"},
    {.name = "a length that is no number",
     .a = MODEL(OUTSIDE("w", 1, "6", AT("w.bin", "0") ENTRY("length", "24 "))),
     .told = OF_A("w.bin") "with a 'length' that is no whole number"},
    {.name = "two locations",
     .a = MODEL(OUTSIDE("w", 1, "6", AT("w.bin", "0") ENTRY("location", "w.bin"))),
     .told = OF_A("w.bin") "and says its place twice"},
    {.name = "texts",
     .a = MODEL(OUTSIDE("w", 8, "1", AT("w.bin", "0"))),
     .told = OF_A("w.bin") "and has texts, which lie in no other file"},
    {.name = "a type that is not known",
     .a = MODEL(OUTSIDE("w", 77, "1", AT("w.bin", "0"))),
     .told = OF_A("w.bin") "and has a type that is not known, so that its values cannot be read"},
    {.name = "values here and in a file",
     .a = MODEL(OUTSIDE("w", 1, "1", AT("w.bin", "0") "4~1")),
     .told = "'m/a.onnx' is damaged, or no ONNX model: tensor 'w' has its values here and in another file"},
    {.name = "a tensor without a name",
     .a = MODEL(OUTSIDE("", 1, "7", AT("w.bin", "0"))),
     .told = "a tensor of 'm/a.onnx' lies in 'w.bin', which has 24 bytes"},
};

static void put_beside(struct world_memory *memory)
{
    world_memory_paths(memory);
    for (size_t i = 0; i < COUNT(beside); i++)
        world_memory_put(memory, beside[i].path, beside[i].kind, beside[i].bytes, beside[i].size);
}

static void compares_outside(void **state)
{
    const struct outside_row *row = *state;
    struct compared compared;
    compared_begin(&compared);
    put_beside(&compared.memory);
    add_model(&compared.memory, "m/a.onnx", row->a);
    add_model(&compared.memory, "n/a.onnx", row->b ? row->b : MODEL(""));
    const int code = compared_files(&compared, "m/a.onnx", "n/a.onnx", NULL);
    compared_check(&compared, row->told, row->same, true);
    if (code) {
        assert_int_equal(code, MLG_DATA);
        assert_int_equal(compared_files(&compared, "n/a.onnx", "m/a.onnx", NULL), MLG_DATA);
        assert_int_equal(compared_files(&compared, "m/a.onnx", "m/a.onnx", NULL), MLG_DATA);
    } else {
        assert_int_equal(compared.comparison.identical_bytes, row->identical_bytes);
    }
    compared_end(&compared);
}

/* Beside a world that does not know where links lead nothing is read; nor of a model without a directory. */
static void a_world_without_paths_reads_nothing_beside_a_model(void **state)
{
    struct compared compared;
    (void)state;
    compared_begin(&compared);
    put_beside(&compared.memory);
    add_model(&compared.memory, "a.onnx", MODEL(OUTSIDE("w", 1, "6", AT("w.bin", "0"))));
    assert_int_equal(compared_files(&compared, "a.onnx", "a.onnx", NULL), MLG_OK);
    compared.memory.world.runner = NULL;
    assert_int_equal(compared_files(&compared, "a.onnx", "a.onnx", NULL), MLG_DATA);
    assert_string_equal(compared.error.text,
                        "tensor 'w' of 'a.onnx' lies in 'w.bin', and files beside it cannot be read here");
    compared_end(&compared);
}

static void files_beside_a_model_are_told_and_are_in_its_digest(void **state)
{
    struct compared compared;
    const char *const *files;
    size_t count;
    char inside[65], first[65], second[65], plain[65];
    struct mlg_error error = {0};
    (void)state;
    compared_begin(&compared);
    put_beside(&compared.memory);
    const struct mlg_world *world = &compared.memory.world;
    add_model(&compared.memory, "n/a.onnx",
              MODEL(OUTSIDE("w", 1, "3", AT("./below/1", "0")) OUTSIDE("v", 1, "1", AT("w.bin", "0"))
                        OUTSIDE("u", 1, "1", AT("below/1", "4"))));
    add_model(&compared.memory, "n/b.onnx", MODEL(INSIDE));
    assert_int_equal(mlg_compare_data_files(world, "n/a.onnx", &compared.arena, &files, &count, &error),
                     MLG_OK);
    assert_int_equal(count, 2);
    assert_string_equal(files[0], "below/1");
    assert_string_equal(files[1], "w.bin");
    assert_int_equal(mlg_compare_data_files(world, "n/b.onnx", &compared.arena, &files, &count, &error),
                     MLG_OK);
    assert_int_equal(count, 0);
    assert_int_equal(mlg_compare_digest(world, "n/b.onnx", NULL, inside, &error), MLG_OK);
    size_t size;
    const char *bytes = world_memory_get(&compared.memory, "n/b.onnx", &size);
    mlg_sha256(bytes, size, plain);
    assert_string_equal(inside, plain);
    assert_int_equal(mlg_compare_digest(world, "n/a.onnx", NULL, first, &error), MLG_OK);
    assert_int_equal(mlg_compare_digest(world, "n/a.onnx", NULL, second, &error), MLG_OK);
    assert_string_equal(first, second);
    world_memory_put(&compared.memory, "n/below/1", WORLD_MEMORY_FILE, numbers + 1, 12);
    assert_int_equal(mlg_compare_digest(world, "n/a.onnx", NULL, second, &error), MLG_OK);
    assert_string_not_equal(first, second);
    world_memory_put(&compared.memory, "n/below/1", WORLD_MEMORY_FILE, numbers, 4);
    assert_int_equal(mlg_compare_digest(world, "n/a.onnx", NULL, second, &error), MLG_DATA);
    compared_end(&compared);
}

/* A thousand tensors and one of more than 16 KiB, all in the same place. */
static void tensors_repeat_a_file_so_often_and_no_more(void **state)
{
    enum { FLOATS = 5000 };
    static const float zeros[FLOATS];
    struct compared compared;
    (void)state;
    for (unsigned count = 1000; count <= 1001; count++) {
        struct mlg_builder text;
        mlg_builder_init(&text, 0);
        mlg_put(&text, "1=8 7{");
        for (unsigned i = 0; i < count; i++)
            mlg_put_format(&text, "5{1[5000] 2=1 14=1 8\"t%u\" " ENTRY("location", "z.bin") "} ", i);
        mlg_put(&text, "}");
        compared_begin(&compared);
        world_memory_paths(&compared.memory);
        world_memory_put(&compared.memory, "z.bin", WORLD_MEMORY_FILE, zeros, sizeof zeros);
        add_model(&compared.memory, "a.onnx", text.data);
        add_model(&compared.memory, "b.onnx", MODEL(""));
        assert_int_equal(compared_files(&compared, "a.onnx", "b.onnx", NULL),
                         count == 1000 ? MLG_OK : MLG_LIMIT);
        mlg_builder_free(&text);
        compared_end(&compared);
    }
}

/* A sequence of sequences of ..., `depth` of them, as the type of an input. */
static int compare_nested(unsigned depth, struct mlg_error *error)
{
    struct compared compared;
    struct mlg_builder text;
    mlg_builder_init(&text, 0);
    mlg_put(&text, "1=8 7{11{2{");
    for (unsigned i = 0; i < depth; i++)
        mlg_put(&text, "4{1{");
    for (unsigned i = 0; i < depth; i++)
        mlg_put(&text, "}}");
    mlg_put(&text, "}}}");
    compared_begin(&compared);
    add_model(&compared.memory, "a.onnx", text.data);
    add_model(&compared.memory, "b.onnx", MODEL(""));
    const int code = compared_files(&compared, "a.onnx", "b.onnx", NULL);
    *error = compared.error;
    mlg_builder_free(&text);
    compared_end(&compared);
    return code;
}

static void messages_are_nested_so_deep_and_no_deeper(void **state)
{
    struct mlg_error error;
    (void)state;
    assert_int_equal(compare_nested(48, &error),
                     MLG_OK); /* the model, its graph, an input, its type and 96 */
    assert_int_equal(compare_nested(49, &error), MLG_DATA);
    assert_non_null(strstr(error.text, "messages lie in each other more than 100 deep"));
    assert_int_equal(compare_nested(5000, &error), MLG_DATA);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(rows)];
    size_t count = 0;
    NAMED_ROWS(tests, count, rows, compares);
    struct CMUnitTest outside[COUNT(outside_rows)];
    size_t outside_count = 0;
    NAMED_ROWS(outside, outside_count, outside_rows, compares_outside);
    const struct CMUnitTest others[] = {cmocka_unit_test(messages_are_nested_so_deep_and_no_deeper),
                                        cmocka_unit_test(a_world_without_paths_reads_nothing_beside_a_model),
                                        cmocka_unit_test(files_beside_a_model_are_told_and_are_in_its_digest),
                                        cmocka_unit_test(tensors_repeat_a_file_so_often_and_no_more)};
    int failed = cmocka_run_group_tests_name("two ONNX models", tests, NULL, NULL);
    failed += cmocka_run_group_tests_name("values in other files", outside, NULL, NULL);
    return failed + cmocka_run_group_tests_name("limits of ONNX", others, NULL, NULL);
}
