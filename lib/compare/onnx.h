/* onnx: the messages of an ONNX model, what stands in each, and where the numbers of a tensor lie.
 *
 * Always true: what onnx_check took is of the form that the rows say, all the way down; fields that no row
 * names are of a later version of ONNX, and are compared as bytes.
 */
#ifndef MLG_COMPARE_ONNX_H
#define MLG_COMPARE_ONNX_H

#include "inside.h"
#include "wire.h"

enum onnx_message {
    ONNX_MODEL,
    ONNX_GRAPH,
    ONNX_FUNCTION,
    ONNX_NODE,
    ONNX_ATTRIBUTE,
    ONNX_TENSOR,
    ONNX_SPARSE,
    ONNX_VALUE, /* an input, an output */
    ONNX_TYPE,
    ONNX_TENSOR_TYPE,
    ONNX_ELEMENT_TYPE, /* of a sequence, of what is optional */
    ONNX_MAP_TYPE,
    ONNX_SHAPE,
    ONNX_DIMENSION,
    ONNX_OPSET,
    ONNX_ENTRY, /* a key and a text */
    ONNX_MESSAGE_COUNT
};

/* How a field is written. */
enum onnx_form {
    ONNX_NUMBER, /* a varint */
    ONNX_NAME,   /* UTF-8 without zeros, ONNX_NAME_BYTES at most */
    ONNX_BYTES,
    ONNX_MESSAGE_WITHIN,
    ONNX_FLOAT,   /* 4 bytes */
    ONNX_NUMBERS, /* many varints, packed or not; so are the next two */
    ONNX_SINGLES, /* 4 bytes each */
    ONNX_DOUBLES  /* 8 bytes each */
};

/* What becomes of a field where two messages are compared. */
enum onnx_use {
    ONNX_BY_CODE,  /* as the code for its message says */
    ONNX_COMPARED, /* text by text, number by number */
    ONNX_LEFT_OUT  /* says nothing about what the model computes: a note where it differs */
};

/* The kinds of what is left out: bits of context->left_out, words of a note. */
enum onnx_left_out {
    ONNX_LEFT_NAME,
    ONNX_LEFT_DOC,
    ONNX_LEFT_PRODUCER,
    ONNX_LEFT_PRODUCER_VERSION,
    ONNX_LEFT_MODEL_VERSION,
    ONNX_LEFT_METADATA,
    ONNX_LEFT_VALUE_INFO,
    ONNX_LEFT_COUNT
};

struct onnx_rule {
    uint32_t number;
    const char *name;
    enum onnx_form form;
    enum onnx_use use;
    bool many;
    bool is_domain;           /* "" and "ai.onnx" are the same */
    enum onnx_message within; /* of ONNX_MESSAGE_WITHIN */
    enum onnx_left_out left_out;
};

struct onnx_rules {
    const char *word; /* what a sentence calls the message */
    const struct onnx_rule *rows;
    size_t count;
};
extern const struct onnx_rules onnx_rules[ONNX_MESSAGE_COUNT];
/* NULL: no field that is known. */
const struct onnx_rule *onnx_rule_of(enum onnx_message message, uint32_t number);

enum {
    ONNX_NAME_BYTES = 4096,
    ONNX_MESSAGES = 4000000, /* of a file */
    ONNX_DEPTH = 100         /* messages in each other: as many as protobuf itself reads */
};

/* Is all of the file a model? MLG_DATA: it is damaged, or what lies in other files is not all there;
 * MLG_LIMIT: it is more than is read. `data` is begun, and knows all those files then. */
struct onnx_data;
int onnx_check(struct context *context, struct blob *blob, struct onnx_data *data);

/* Fields that the code asks for by number. */
enum {
    MODEL_GRAPH = 7,
    MODEL_OPSETS = 8,
    MODEL_FUNCTIONS = 25,
    GRAPH_NODES = 1,
    GRAPH_TENSORS = 5,
    GRAPH_INPUTS = 11,
    GRAPH_OUTPUTS = 12,
    GRAPH_SPARSE = 15,
    FUNCTION_NAME = 1,
    FUNCTION_NODES = 7,
    FUNCTION_OPSETS = 9,
    FUNCTION_DOMAIN = 10,
    FUNCTION_DEFAULTS = 11,
    FUNCTION_OVERLOAD = 13,
    NODE_OUTPUTS = 2,
    NODE_TYPE = 4,
    NODE_ATTRIBUTES = 5,
    ATTRIBUTE_NAME = 1,
    ATTRIBUTE_TYPE = 20,
    ATTRIBUTE_REFERENCE = 21,
    TENSOR_NAME = 8,
    TENSOR_TEXTS = 6,
    TENSOR_RAW = 9,
    TENSOR_EXTERNAL = 13,
    SPARSE_VALUES = 1,
    SPARSE_INDICES = 2,
    VALUE_NAME = 1,
    VALUE_TYPE = 2,
    OPSET_DOMAIN = 1,
    OPSET_VERSION = 2,
    ENTRY_KEY = 1,
    ENTRY_VALUE = 2
};

/* ---- attributes ---- */

/* A row per type of attribute, from 1 on: its word, the field that has its values, and whether there are
 * many. */
struct onnx_attribute_type {
    const char *word; /* NULL: none */
    uint32_t field;
    bool many;
};
enum { ONNX_ATTRIBUTE_TYPES = 15 };
extern const struct onnx_attribute_type onnx_attribute_types[ONNX_ATTRIBUTE_TYPES];
/* By its number, else by the field that there is; 0: not known. */
uint64_t onnx_attribute_type(struct wire attribute);

/* ---- numbers ---- */

/* Where the elements of a tensor, or of an attribute, are. */
struct onnx_values {
    struct tensor tensor; /* type and shape */
    struct wire message;
    uint32_t field;      /* that has them; 0: none does */
    unsigned bits;       /* of an element, where several share a byte; 0: they do not */
    uint64_t given;      /* numbers in a field of its type */
    uint64_t stored;     /* bytes of raw_data, here or in another file */
    struct wire place;   /* all of them in one piece, as they have to be; zero: they have to be gathered */
    int64_t type_number; /* of ONNX */
    bool is_known;       /* the type is */
    bool is_text;
    bool is_external; /* they lie in another file */
};
/* A tensor; what is wrong with it in *why, NULL: nothing. */
void onnx_find_tensor(struct wire message, struct onnx_values *values, const char **why);
/* Of an attribute the floats. */
void onnx_find_floats(struct wire message, uint32_t field, bool many, struct onnx_values *values);
/* "float32"; NULL: none. */
const char *onnx_type_word(uint64_t type);
/* Makes the elements readable in `blob`, from values->tensor.offset on: in `whole` or a file of `data` where
 * they lie in one piece, else gathered in `own`, to be closed. */
int onnx_open_values(struct context *context, struct onnx_values *values, struct blob *whole,
                     struct onnx_data *data, struct blob *own, struct blob **blob);

/* ---- values in other files (onnx_data.c) ---- */

/* Where values lie. */
struct onnx_place {
    struct wire name; /* of the tensor */
    char location[ONNX_NAME_BYTES + 1];
    uint64_t offset;
    size_t file; /* of the model's files */
};
struct onnx_file {
    const char *path;     /* arena */
    const char *location; /* the end of it: below the model's directory, as the model says it */
    const char *real;     /* links resolved */
    uint64_t size;
};
/* The files beside a model, of which one at a time is open. */
struct onnx_data {
    struct context *context;
    const struct mlg_world *world;
    const char *model;       /* its path */
    size_t directory_size;   /* of that, with the last slash */
    struct onnx_file *files; /* malloc'd */
    size_t count, capacity, found;
    uint64_t needed, size; /* bytes of all tensors, of all files */
    struct blob open;
    size_t opened;
    bool is_open;
};
void onnx_data_begin(struct onnx_data *data, struct context *context, const struct blob *model);
void onnx_data_end(struct onnx_data *data);
/* Where the values of a tensor lie, and that they are there; else told, by its name. */
int onnx_data_find(struct onnx_data *data, struct wire message, const struct onnx_values *values,
                   struct onnx_place *place);
/* That the values of a tensor are there; and, once it was asked for all, that they do not repeat themselves
 * too often. */
int onnx_data_check(struct onnx_data *data, struct wire message, const struct onnx_values *values);
int onnx_data_check_all(const struct onnx_data *data);
/* The file; it stays open until another of them is asked for. */
int onnx_data_open(struct onnx_data *data, const struct onnx_place *place, struct blob **blob);
/* Adds the files to those that are part of a model, as paths. */
int onnx_data_tell(const struct onnx_data *data);
/* The files of the model at `path`; onnx_data_end in any case. */
int onnx_list_data(struct context *context, const struct mlg_world *world, const char *path,
                   struct onnx_data *data);

/* ---- two models ------------------------------------------------------------------------------------ */

struct onnx_models {
    struct context *context;
    struct mlg_arena scratch;
    struct blob *blobs[2]; /* A, B */
    struct onnx_data data[2];
    uint64_t named; /* bytes of names of parts */
};
/* The name of a part: one text behind the other. NULL: told. */
const char *onnx_name_of(struct onnx_models *models, const char *prefix, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Texts and numbers that are equal or not, under a label; the index of one among several, or none. */
enum { ONNX_NO_INDEX = -1 };
struct wire onnx_wire_of(const char *text);
void onnx_tally_word(struct tally *tally, const char *label, int64_t index, struct wire a, bool has_a,
                     struct wire b, bool has_b);
void onnx_tally_number(struct tally *tally, const char *label, int64_t index, uint64_t a, bool has_a,
                       uint64_t b, bool has_b);
/* All numbers, or texts, of a field of two messages, in their order. */
void onnx_tally_numbers(struct tally *tally, const char *label, uint32_t field, struct wire a, struct wire b);
void onnx_tally_texts(struct tally *tally, const char *label, uint32_t number, struct wire a, struct wire b);
/* The types of two inputs, as text. */
int onnx_tally_type(struct onnx_models *models, struct tally *tally, const char *label, int64_t index,
                    struct wire a, bool has_a, struct wire b, bool has_b);
/* Everything of a message that rows say how to compare, and fields that no row names. */
int onnx_tally_fields(struct onnx_models *models, struct tally *tally, enum onnx_message message,
                      int64_t index, struct wire a, struct wire b);
int onnx_end_words(struct tally *tally);
/* What is left of a message whose values are parts of their own: nothing, or fields that no row names; with
 * `all` every field. */
int onnx_compare_rest(struct onnx_models *models, const char *name, enum onnx_message message, bool all,
                      struct wire a, struct wire b);

int onnx_compare_values(struct onnx_models *models, const char *name, struct onnx_values *a,
                        struct onnx_values *b);
int onnx_compare_tensor(struct onnx_models *models, const char *name, struct wire a, struct wire b);
int onnx_compare_sparse(struct onnx_models *models, const char *name, struct wire a, struct wire b);
int onnx_only_tensor(struct onnx_models *models, const char *name, bool in_a, struct wire message);

#endif
