/* inside: what the comparers of lib/compare share. Private to this room.
 *
 * Every comparer looks at two blobs of the same format and adds parts. Its functions return 0 or the code of
 * an error that is told in context->error.
 */
#ifndef MLG_COMPARE_INSIDE_H
#define MLG_COMPARE_INSIDE_H

#include "mlgate/command.h"
#include "mlgate/compare.h"
#include "mlgate/json.h"
#include "mlgate/sum.h"
#include "mlgate/table.h"

/* ---- blobs: bytes that can be read at any offset ------------------------------------------------------ */

/* A file of the world, or bytes in memory under a name: also a world of one file, so that archives, tables
 * and compressed data in memory are read as files are. Stays where it is while it is in use. */
struct blob {
    const char *path; /* in `world`, and as errors tell it */
    const struct mlg_world *world;
    struct mlg_world memory;
    struct mlg_file file;
    bool is_open;
    uint64_t size;
    char *bytes; /* all of them, and a zero; NULL: in the file only */
    bool owned;
    const struct mlg_world *home; /* where blob_open found it: what lies beside it is there; NULL: `world` */
    /* Of a member of an archive: opens another one by its path, as a blob to be closed. NULL: there is none.
     */
    int (*open_beside)(void *beside, const char *path, struct blob *blob, struct mlg_error *error);
    void *beside;
};

/* The decompressed content of the file: in place where it is plain, else in memory. */
int blob_open(struct blob *blob, const struct mlg_world *world, const char *path, struct mlg_error *error);
struct mlg_content;
/* What is left of the content, in memory; `path` as errors tell it. To be closed also where it fails. */
int blob_take(struct blob *blob, struct mlg_content *content, const char *path, struct mlg_error *error);
/* A file as it is stored, which has to be one that can be read at any offset. */
int blob_open_plain(struct blob *blob, const struct mlg_world *world, const char *path,
                    struct mlg_error *error);
/* Is it the world of a blob in memory, which has this one, and what lies beside it in an archive? */
bool is_blob_world(const struct mlg_world *world);
/* Takes the bytes (malloc'd). */
void blob_hold(struct blob *blob, const char *path, char *bytes, uint64_t size);
/* All of `size` bytes, else an error. */
int blob_read(struct blob *blob, uint64_t offset, void *buffer, size_t size, struct mlg_error *error);
/* Everything is in blob->bytes then, with a zero behind it. */
int blob_load(struct blob *blob, struct mlg_error *error);
int blob_load_both(struct blob *a, struct blob *b, struct mlg_error *error);
void blob_close(struct blob *blob);
/* Reads until the end into memory (malloc'd, with a zero behind it). */
typedef int64_t (*read_next)(void *self, void *buffer, size_t size, struct mlg_error *error);
int read_all(read_next next, void *self, int64_t expected, const char *path, char **bytes, uint64_t *size,
             struct mlg_error *error);

/* ---- the comparison as it grows ------------------------------------------------------------------------ */

struct sums {
    struct mlg_sum difference, base; /* of squares */
    bool any, infinite;              /* a difference was there, was infinite */
};

struct context {
    const struct mlg_compare_options *options;
    struct mlg_arena *arena; /* of the result */
    struct mlg_error *error; /* `own_error` */
    struct mlg_error own_error;
    struct mlg_comparison comparison;
    size_t part_capacity, note_capacity;
    struct sums total;
    uint64_t unpacked; /* bytes that archives unpacked to */
    uint64_t ignored;  /* bit i: pattern i has met something */
    bool keras_date, serialization_id;
    bool is_told;            /* of a digest: something was put that is not left out */
    unsigned onnx_left_out;  /* bits of enum onnx_left_out that differed */
    const char **data_files; /* paths of files that were compared as part of an ONNX model beside them */
    size_t data_count, data_capacity;
};

/* Which places are told: those of the elements that matter most. */
enum place_rank { PLACE_DIFFERS, PLACE_BEYOND /* the tolerance */, PLACE_INFINITE /* infinitely far */ };

/* A part that is being compared. */
struct tally {
    struct context *context;
    struct mlg_part part; /* its places have room for MLG_COMPARE_PLACES */
    struct sums sums;
    enum place_rank rank; /* of the places */
    bool other_bytes;
    bool left_out; /* something in it was to be ignored */
};

/* A context for one comparison, to be ended; `options` NULL: strict. NULL: told. */
struct context *context_begin(const struct mlg_compare_options *options, struct mlg_arena *arena,
                              struct mlg_error *error);
/* Frees it, and tells the error of `code` (0: there is none), which is returned. */
int context_end(struct context *context, int code, struct mlg_error *error);
int no_memory(struct context *context);
/* The same where there is no context. */
int refuse_memory(struct mlg_error *error);
/* The code of the error that has been told. */
int failed(const struct context *context);
/* Is the part left out? Notes that the pattern was of use. */
bool is_ignored(struct context *context, const char *name);
/* Is a key of every line left out, by a path "/key"? */
bool is_ignored_key(struct context *context, const char *key);
int tally_begin(struct tally *tally, struct context *context, const char *name, enum mlg_part_kind kind);
/* Adds the part: identical where no byte differed, else the same or different by what was counted. */
int tally_end(struct tally *tally);
/* Adds it with this verdict; `why` may be NULL. */
int tally_end_as(struct tally *tally, enum mlg_part_verdict verdict, const char *why);
/* A part of the same bytes, of which no more is known than that. */
int tell_identical(struct context *context, const char *name, const char *what, uint64_t bytes);
/* Two numbers: their difference (its sign is of no matter; not finite: one of them is not), what B has, and
 * the ulps between them (0: equal). True: they differ, and there is room for a place. */
bool tally_number(struct tally *tally, double difference, double b, uint64_t ulp);
/* The same for two that differ, without counting the elements and adding to the sums: for who does it for
 * many at once. */
bool tally_apart(struct tally *tally, double difference, double b, uint64_t ulp);
/* Two elements that are no numbers on both sides and differ; `why` for distance.undefined, used if it is the
 * first. True: there is room for a place. */
bool tally_unlike(struct tally *tally, const char *why);
/* Two elements that are equal and no numbers. */
void tally_equal(struct tally *tally);
/* Two cells or numbers as texts. */
bool tally_texts(struct tally *tally, const char *a, size_t a_size, const char *b, size_t b_size,
                 const char *why);
/* Texts are copied; NULL: nothing. */
void tally_place(struct tally *tally, const char *place, const char *a, size_t a_size, const char *b,
                 size_t b_size);
/* Representable numbers from one to the other, whose places among those of their type the ranks are;
 * UINT64_MAX: infinitely far. */
uint64_t ulps_of(double a, uint64_t rank_a, double b, uint64_t rank_b);
uint64_t ulps_between(double a, double b);
/* "'name' ...", or of the file itself without the name. Arena text; never NULL. */
const char *named(struct context *context, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The name of what is in `name`: "a.zip//x"; of what is in the file itself "x". NULL: no memory. */
const char *inner_name(struct context *context, const char *name, const char *inner);
int note(struct context *context, const char *text);

/* ---- formats --------------------------------------------------------------------------------------- */

/* A tensor's type: kind is one of b i u f B(float16 of the brain) c S U, or V for bytes that are no numbers.
 */
struct dtype {
    char kind;
    unsigned size; /* bytes of an element */
    bool swap;     /* not in the order of this machine */
    char name[24]; /* "float32" */
};
enum { MOST_AXES = 32 };
struct tensor {
    struct dtype type;
    bool fortran, is_object;
    bool strided; /* steps[] tells where elements lie */
    size_t axes;
    uint64_t shape[MOST_AXES];
    uint64_t steps[MOST_AXES]; /* elements from one index of an axis to the next */
    uint64_t count;            /* product of the shape */
    uint64_t offset;           /* of the first element */
};
/* "float32 [3, 4]" */
const char *tensor_what(struct context *context, const struct tensor *tensor);
/* Multiplies the shape; false: more elements than 2^63 bytes can hold. */
bool tensor_count(struct tensor *tensor);
int compare_tensors(struct context *context, const char *name, struct blob *a, const struct tensor *tensor_a,
                    struct blob *b, const struct tensor *tensor_b);
int compare_npy(struct context *context, const char *name, struct blob *a, struct blob *b);
bool is_safetensors(const char *path, const unsigned char *bytes, size_t size, uint64_t whole);
int compare_safetensors(struct context *context, const char *name, struct blob *a, struct blob *b);
/* The same for compare_safetensors. */
int put_safetensors_meaning(struct context *context, const char *name, struct blob *blob,
                            struct mlg_builder *out);
int compare_onnx(struct context *context, const char *name, struct blob *a, struct blob *b);
/* What was left out of ONNX models and differed. */
int note_onnx(struct context *context);
bool is_onnx_name(const char *path);
/* Of two models of the same bytes: have the files beside them the same bytes, too? Adds to their size. */
int compare_data_bytes(struct context *context, const struct mlg_world *world_a, const char *path_a,
                       const struct mlg_world *world_b, const char *path_b, bool *identical, uint64_t *size);
/* A line per file beside the model; nothing where its values all lie in it. */
int put_data_meaning(struct context *context, const struct mlg_world *world, const char *path,
                     struct mlg_builder *out);
/* Was it compared as part of a model? To be asked once the list is sorted, as sort_data_files does. */
void sort_data_files(struct context *context);
bool is_data_file(const struct context *context, const char *path);
/* For a digest: two of which the same is put are the same to compare_json, but not the other way round. *told
 * false: it is no JSON, or too large, and its bytes have to do. */
int put_json_meaning(struct context *context, struct blob *blob, bool lines, bool *told,
                     struct mlg_builder *out);
/* The same of one value of a document. */
int put_values_meaning(struct context *context, const struct mlg_json *document, uint32_t index,
                       struct mlg_builder *out);
/* *is_json false: one of them is no JSON, and nothing was added. */
int compare_json(struct context *context, const char *name, struct blob *a, struct blob *b, bool lines,
                 bool *is_json);
/* An error where one of the two is JSON, and the other is not any more. */
int check_json(struct context *context, struct blob *a, struct blob *b, bool lines);
int compare_text(struct context *context, const char *name, struct blob *a, struct blob *b);
int compare_bytes(struct context *context, const char *name, enum mlg_part_kind kind, struct blob *a,
                  struct blob *b, const char *hint);
int compare_tables(struct context *context, const char *name, struct blob *a, struct blob *b);
/* The cells of a table of which columns are left out; *told false: none is, or it cannot be read so, and its
 * bytes have to do. */
int put_table_meaning(struct context *context, const char *name, struct blob *blob, bool *told,
                      struct mlg_builder *out);
/* Tables that cannot be compared by their columns, since one is of a kind that is not read: says which. NULL:
 * they can. */
const char *unread_column(struct context *context, const char *name, const struct blob *a,
                          const struct blob *b);

/* ---- tables joined (join.c) ---- */

/* Two tables whose rows are joined, by the text of column `id` or (NULL) by position. */
struct join {
    const struct mlg_world *world_a, *world_b;
    const char *path_a, *path_b;
    const char *id;
    const struct mlg_reader_options *reader;         /* how both are read; NULL: as usual */
    const char *const *columns_a, *const *columns_b; /* that are looked at */
    size_t count_a, count_b;
    /* A row that both have; the texts in the order of the columns, bytes NULL: missing. `where` names it:
     * "id=17", "row 12"; `key` is 17 or 12. Nonzero: an error, told in `error`. */
    int (*row)(void *self, const struct mlg_text *a, const struct mlg_text *b, const char *where,
               const char *key, struct mlg_error *error);
    void *self;
    bool typed; /* texts of JSON lines are given in their quotes: "1" is not 1, nor "" null */

    uint64_t rows_a, rows_b, matched;
    char first_only_a[160], first_only_b[160]; /* "": there is none */
};
int join_tables(struct join *join, struct mlg_error *error);
/* Makes room in malloc'd flags, of which all that are new are 0. False: no memory. */
bool reach_flags(unsigned char **flags, size_t *room, uint64_t index);
/* The names of the columns, in the arena. */
int table_columns(const struct mlg_world *world, const char *path, const struct mlg_reader_options *given,
                  struct mlg_arena *arena, const char *const **names, size_t *count, struct mlg_error *error);
/* Can it be read as a table that has that column, and no cell that is more than a value? */
bool is_flat_table(const struct mlg_world *world, const char *path, const char *column);

int compare_members(struct context *context, const char *name, const struct mlg_world *world_a,
                    const char *path_a, const struct mlg_world *world_b, const char *path_b, unsigned depth);
/* The part of two archives without members: they are the same, and hold nothing. */
int tell_no_members(struct context *context, const char *name);
/* Of the same bytes: looked into for the numbers, which total distances are relative to, and for what lies
 * beside them; what cannot be read is the same all the same, unless it is a container that is damaged. */
int measure_identical(struct context *context, const char *name, const struct mlg_world *world_a,
                      const char *path_a, const struct mlg_world *world, const char *path, uint64_t size,
                      unsigned depth);
/* "1,024 bytes" */
const char *bytes_text(struct context *context, uint64_t size);
int is_archive(const struct mlg_world *world, const char *path, bool *archive, struct mlg_error *error);
/* Byte by byte, as they are stored. A member "a.zip//b" cannot be opened as such: its content is looked at.
 */
int are_identical(const struct mlg_world *world_a, const char *path_a, const struct mlg_world *world_b,
                  const char *path_b, bool *identical, uint64_t *size, struct mlg_error *error);
/* Of what is no archive, as the comparer of its format sees it: tensors and keys in the order of their names.
 * *told false: the bytes have to do. */
int put_content_meaning(struct context *context, const char *name, struct blob *blob, bool *told,
                        struct mlg_builder *out);
/* What lies at both paths, whatever it is. */
int compare_content(struct context *context, const char *name, const struct mlg_world *world_a,
                    const char *path_a, const struct mlg_world *world_b, const char *path_b, unsigned depth);
/* Reads a container (archive, packed file, tensors) to its end, as far as names or first bytes say that it is
 * one: two that are damaged alike have the same bytes, and mean nothing. Other files are not looked into. */
int check_container(struct context *context, const struct mlg_world *world, const char *path, unsigned depth);
/* The same of a file by itself, of which the bytes have to do where it is too large to be looked into. */
int check_same(struct context *context, const struct mlg_world *world, const char *path);
/* SHA-256 of what the file, or the directory, means: two of the same are the same by meaning (not the other
 * way round). `depth`: as for compare_content. */
int digest_meaning(struct context *context, const char *name, const struct mlg_world *world, const char *path,
                   unsigned depth, char sha256[65]);
/* A line per member of the archive, in the order of their names. */
int put_members_meaning(struct context *context, const char *name, const struct mlg_world *world,
                        const char *path, unsigned depth, struct mlg_builder *out);

/* ---- directories (directory.c) ---- */

/* The regular files below a directory, in the order of their names. */
struct file_list {
    const char *directory;
    struct mlg_entry *items; /* in the arena; paths below the directory */
    size_t count;
    uint64_t size; /* of all */
};
/* Is it a directory, links followed? False where nobody can say. */
bool is_directory(const struct mlg_world *world, const char *path);
/* What is neither file nor directory, a link among it, is an error. */
int list_files(struct context *context, const struct mlg_world *world, const char *path,
               struct file_list *files);
/* Adds the parts of all files that one of them has; of two with the same bytes one part of all, unless the
 * options look inside. */
int compare_directories(struct context *context, const struct mlg_world *world, const char *a, const char *b,
                        bool *identical);
/* The part of a directory (A, or B) against a file. */
int compare_with_directory(struct context *context, bool is_a);
/* A part that only one side has, of which no more is known than its name. */
int only_one(struct context *context, const char *name, bool in_a, enum mlg_part_kind kind, const char *what);
enum mlg_part_kind kind_of_name(const char *name);
bool is_utf8(const char *bytes, uint64_t size);

/* As mlg_json_read of what begins on that line; false: `why` says so ("line 3: ..."), has room for 160, and
 * is
 * "" for want of memory. */
bool json_read(const char *text, size_t size, unsigned long line, struct mlg_json *document, char *why);
/* Is it a description that Keras writes, with a date that is of no matter? */
bool is_keras(const struct mlg_json *document);
/* Does the name say that it is a table of JSON, an object a line? */
bool is_lines_name(const char *path);
/* Does it say that it is a table, that or another? */
bool is_table_name(const char *path);
/* The files that two directories both hold and that are tables with the column; none is an error. */
int tables_of_both(const struct mlg_world *world, const char *a, const char *b, const char *column,
                   const struct mlg_compare_options *options, struct mlg_arena *arena,
                   const char *const **files, size_t *count, struct mlg_error *error);

/* ---- pickles read as data (pickle.c) --------------------------------------------------------------------
 *
 * The opcodes are walked, and what they build is written down: nothing is imported, called or executed. What
 * would be called (REDUCE, NEWOBJ) is an object that knows its callable by name, its arguments, its state
 * (BUILD) and the items that were put into it. */
enum pickle_type {
    PICKLE_NONE,
    PICKLE_BOOL,
    PICKLE_WHOLE,
    PICKLE_LONG, /* more than 64 bits: its bytes, the least first, in two's complement */
    PICKLE_FLOAT,
    PICKLE_TEXT,
    PICKLE_BYTES,
    PICKLE_GLOBAL,
    PICKLE_TUPLE,
    PICKLE_LIST,
    PICKLE_DICT,
    PICKLE_CALL,      /* callable(args) */
    PICKLE_NEW,       /* callable.__new__(callable, args) */
    PICKLE_PERSISTENT /* what lies outside of the pickle; args says where */
};
struct pickle_text {
    uint32_t offset, size; /* in the pickle */
};
struct pickle_value {
    enum pickle_type type;
    union {
        int64_t whole; /* of PICKLE_BOOL too */
        double number;
        struct pickle_text text;
        struct {
            struct pickle_text module, name;
        } global;
        struct {                            /* from PICKLE_TUPLE on */
            uint32_t first, last, count;    /* items; first 0: none */
            uint32_t callable, args, state; /* values; 0: none */
        } node;
    };
};
struct pickle_item {
    uint32_t key; /* 0: it was appended */
    uint32_t value, next;
};
/* What is more is not read. */
enum {
    MOST_PICKLE_BYTES = 64 * 1024 * 1024,
    MOST_PICKLE_VALUES = 2 * 1024 * 1024,
    MOST_PICKLE_ITEMS = 4 * 1024 * 1024,
    MOST_PICKLE_MEMO = 2 * 1024 * 1024,
    MOST_PICKLE_STACK = 1024 * 1024,
    MOST_PICKLE_OPCODES = 16 * 1024 * 1024
};
/* Values and items count from 1 on. */
struct pickle {
    const unsigned char *bytes;
    struct pickle_value *values; /* malloc'd */
    struct pickle_item *items;   /* malloc'd */
    uint32_t root;
};
enum pickle_reading {
    PICKLE_READ,
    PICKLE_NOT_READ, /* it does something that is not known, or too much of it: `why` */
    PICKLE_DAMAGED,  /* cut short, or without sense: `why`, as "is cut short" */
    PICKLE_NO_MEMORY
};
/* `why` has room for 160. pickle_free in any case. */
enum pickle_reading pickle_read(const char *bytes, uint64_t size, struct pickle *pickle, char *why);
void pickle_free(struct pickle *pickle);

/* ---- files of PyTorch (torch.c, checkpoint.c) ---- */

/* An archive of torch.save, of which the pickle is held, and the storages can be had by number. */
struct torch_archive {
    const char *path;
    const char *pickle;
    uint64_t pickle_size, size; /* of the pickle, of all members */
    bool big_endian;
    void *self;
    /* False: there is no storage of that name. */
    bool (*find)(void *self, const char *name, size_t *storage, uint64_t *size);
    int (*open)(void *self, size_t storage, struct blob *blob);
};
enum { MOST_TORCH_NAME = 4096 };

/* A tensor, or a value that is none. */
struct torch_leaf {
    const char *part; /* one pointer for all that belong to a part */
    const char *name;
    uint32_t value;
    bool is_tensor;
    size_t storage; /* of a tensor */
};

struct torch_reader {
    struct context *context;
    const struct torch_archive *archive;
    const char *prefix; /* of every name; "": none */
    struct pickle pickle;
    enum pickle_reading reading;
    char why[512];
    struct torch_leaf *leaves; /* malloc'd */
    size_t count, capacity, looked_at;
    uint64_t names, expanded;
    size_t path_size;
    char path[MOST_TORCH_NAME];
};

/* Reads the pickle, and names what is in it; `reading` says whether it is understood. Needs context, archive
 * and prefix. torch_free in any case. */
int torch_read(struct torch_reader *reader);
void torch_free(struct torch_reader *reader);
const struct pickle_value *torch_value(const struct torch_reader *reader, uint32_t value);
const char *torch_text(const struct torch_reader *reader, struct pickle_text text);
/* {} or OrderedDict(), with or without items. */
bool torch_is_dictionary(const struct torch_reader *reader, uint32_t value);
/* False: it is none, or (the reading has ended) one that is not understood. `number` is that of its storage.
 */
bool torch_tensor(struct torch_reader *reader, uint32_t value, struct tensor *tensor, size_t *number);
/* Items of a list in their order: a shorter number is smaller. */
int torch_order(const char *a, const char *b);

/* *is_read false: one of the two is not understood, nothing was compared, and a note says why. */
int compare_torch(struct context *context, const char *name, const struct torch_archive *a,
                  const struct torch_archive *b, bool *is_read);

#endif
