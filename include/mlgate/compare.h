/* compare: do two artefacts mean the same, and if not, what moved, by how much and where?
 *
 * Containers (tar, zip, npz, .keras; gzip, zstd, xz and bzip2 around anything) are compared member by
 * member by name, whatever their order, time stamps, owners, compression and top directory; arrays (NPY,
 * safetensors, PyTorch's) by name, type, shape and value; ONNX models so, too, and by nodes, attributes,
 * inputs and outputs; JSON by key; tables by column and row; text by line. Everything else is opaque: equal
 * bytes or not.
 *
 * Always true:
 *  - nothing is executed: pickles, and arrays of Python objects, are opaque; that of a PyTorch file is
 *    read as data, where it holds nothing that is not understood
 *  - what cannot be read or is damaged is an error that names it, never "the same"; two files of the same
 *    bytes are the same, whatever they are
 *  - verdicts and numbers do not depend on the order of members, columns and (where there is an id) rows;
 *    parts are sorted by name
 *  - A is what is judged, B what it is compared with: relative differences are relative to B
 *  - memory is bounded by the largest member of an archive (MLG_COMPARE_BYTES each side), an ONNX model or
 *    the table of A; plain files of arrays may have any size
 *  - values of an ONNX model that lie in files beside it are read from there, one tensor at a time, and
 *    nothing outside of its own directory is; the files themselves are no parts then
 */
#ifndef MLGATE_COMPARE_H
#define MLGATE_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mlgate/arena.h"
#include "mlgate/error.h"
#include "mlgate/table.h"
#include "mlgate/text.h"
#include "mlgate/world.h"

/* What is more is an MLG_LIMIT error. */
enum {
    MLG_COMPARE_DEPTH = 4,                  /* containers in containers */
    MLG_COMPARE_MEMBERS = 100000,           /* of an archive, tensors of a file */
    MLG_COMPARE_PARTS = 1000000,            /* in all */
    MLG_COMPARE_HEADER = 100 * 1024 * 1024, /* bytes of a safetensors header; of NPY's 1 MiB */
    MLG_COMPARE_IGNORE = 64,                /* patterns */
    MLG_COMPARE_PLACES = 5,                 /* told of each part */
    MLG_COMPARE_KEYS = 100                  /* told of a JSON document; more are no error */
};
/* Bytes that all archives unpack to; bytes held of one side: a member, a document, a table. */
#define MLG_COMPARE_UNPACKED (UINT64_C(64) << 30)
#define MLG_COMPARE_BYTES (UINT64_C(2) << 30)

enum mlg_part_kind {
    MLG_PART_BYTES,   /* nobody knows what: opaque */
    MLG_PART_PICKLE,  /* opaque: reading it would execute it */
    MLG_PART_STORAGE, /* of a .pt file whose pickle is not understood: raw numbers of a type nobody knows */
    MLG_PART_HDF5,    /* opaque */
    MLG_PART_TENSOR,  /* an array: NPY, a member of an NPZ, an entry of a safetensors or PyTorch file */
    MLG_PART_VALUE,   /* of a PyTorch file: what is no tensor */
    MLG_PART_JSON,    /* a document */
    MLG_PART_LINES,   /* JSON, one document a line */
    MLG_PART_TEXT,
    MLG_PART_COLUMN, /* of a table */
    MLG_PART_ROWS,   /* of a table: told only where one side has rows that the other has not */
    MLG_PART_LINK,   /* a member that leads to another */
    MLG_PART_GRAPH,  /* of an ONNX model what has no distance: a node, an input, whole numbers and texts */
    MLG_PART_KIND_COUNT
};

enum mlg_part_verdict {
    MLG_PART_IDENTICAL, /* the same bytes (of an array: of its elements; of a column: the same texts) */
    MLG_PART_SAME,      /* other bytes, the same meaning, within the tolerance */
    MLG_PART_DIFFERENT,
    MLG_PART_ONLY_A,
    MLG_PART_ONLY_B,
    MLG_PART_OPAQUE, /* different bytes, which nobody can read: as bad as different */
    MLG_PART_VERDICT_COUNT
};

/* One row per kind and per verdict: its word in JSON ("tensor", "only_in_a"). */
extern const char *const mlg_part_kinds[MLG_PART_KIND_COUNT];
extern const char *const mlg_part_verdicts[MLG_PART_VERDICT_COUNT];

/* How far two parts are from each other, counted in elements: numbers, cells, values of JSON, lines, bytes.
 * NaN equals NaN, +0 equals -0. The numbers are those of the elements that are numbers on both sides;
 * infinite where one of two is NaN or infinite and the other is not. Complex numbers: modulus of the
 * difference, relative to the modulus in B; the larger of the ulps of both components. */
struct mlg_distance {
    uint64_t elements;
    uint64_t differ;           /* elements that are not equal */
    uint64_t beyond;           /* those of them beyond the tolerance; all that are no numbers */
    uint64_t numbers;          /* elements that are numbers on both sides */
    double max_abs_difference; /* largest |a - b| */
    double max_rel_difference; /* largest |a - b| / |b|; 0 where equal, infinite where b is 0 */
    uint64_t max_ulp;          /* most representable numbers that a step from a to b crosses, across zero too:
                                  of the part's own type (JSON and tables: of doubles; whole numbers: |a - b|).
                                  UINT64_MAX: one of two is NaN or infinite, and the other is not */
    double relative_l2;    /* |a - b| / |b|, Euclidean, over all numbers, exactly summed; elements that are
                              equal and not finite left out; infinite where squares leave the doubles */
    const char *undefined; /* why the numbers do not tell all: "'w' has another shape"; NULL: they do */
};

struct mlg_part_place {
    const char *place; /* "layer1.weight[3, 17]", "config.json /layers/0/units", "score, id=17", "line 12",
                          "byte 1,024" */
    const char *a, *b; /* what stands there; NULL: nothing */
};

/* Where values of a JSON document differ beyond the tolerance. */
struct mlg_part_key {
    const char *path; /* "/epochs/x/seconds" for x = "*", which stands for any place in a list: a pattern of
                         `ignore` */
    bool is_text;     /* nothing but texts stand there that differ */
};

struct mlg_part {
    const char *name; /* "layer1.weight", "inner.zip//config.json"; "": the file itself */
    enum mlg_part_kind kind;
    enum mlg_part_verdict verdict;
    const char *what; /* of A, or of B where only that has it: "float32 [128, 64]", "1,024 bytes" */
    const char *why;  /* other type, shape, kind: "float64 [3] against float32 [3]"; what an opaque one could
                         be compared with instead; NULL */
    struct mlg_distance distance;
    struct mlg_part_place *places; /* the first that are infinitely far, else beyond the tolerance, else the
                                      first that differ */
    size_t place_count;            /* at most MLG_COMPARE_PLACES */
    struct mlg_part_key *keys;     /* of JSON: each once, in the order of the document */
    size_t key_count;              /* at most MLG_COMPARE_KEYS */
    bool has_more_keys;
};

struct mlg_comparison {
    bool same;            /* by meaning: every part is identical or the same, and there is one */
    bool identical_bytes; /* of the two files as they are stored, and of those beside a model that have values
                             of it; then there is one part */
    struct mlg_part *parts;
    size_t part_count;
    uint64_t counts[MLG_PART_VERDICT_COUNT];
    /* Over all parts; `undefined` names the first part that no number can tell of. */
    struct mlg_distance total;
    const char **notes; /* what was left out of the comparison by default or by `ignore` */
    size_t note_count;
    uint64_t ignored; /* bit i: pattern i of `ignore` has met something */
};

/* All zero: strict, nothing ignored, rows by position. */
struct mlg_compare_options {
    /* Numbers a and b are the same while |a - b| <= absolute + relative * |b|. */
    double absolute, relative;
    /* What begins with "/" is a path in any JSON document, "*" stands for one key or index ("/epochs/x/time"
     * for x = "*"); anything else the name of a part or member, in which "*" stands for any text. */
    const char *const *ignore;
    size_t ignore_count; /* in JSON lines that are a table a path has one step, which is a column */
    const char *id;      /* tables: the column whose text tells which rows belong together; NULL: position */
    bool id_where_it_is; /* what has no such column is compared as if there were no `id`; else an error, of
                            two directories where no table in both has it */
    bool looks_inside;   /* files of the same bytes are compared as others are, for what they hold */
};

/* Compares file `a` with file `b` of the world; "-" is standard input. Two directories are compared file by
 * file, by path. Everything told lies in `arena`; `options` NULL: all zero. On an error `comparison` is not
 * to be read: MLG_DATA (damaged, an id that stands twice or is not there, everything is to be ignored, no
 * part is there, tables that are the same and have no rows), MLG_LIMIT, MLG_WORLD, MLG_CONFIG (a tolerance
 * below 0 or not finite, too many patterns). */
int mlg_compare_files(const struct mlg_world *world, const char *a, const char *b,
                      const struct mlg_compare_options *options, struct mlg_arena *arena,
                      struct mlg_comparison *comparison, struct mlg_error *error);

/* The files beside an ONNX model in which values of its tensors lie, seen from its directory; none of what is
 * not called ".onnx", and of directories. In the arena. Errors as above. */
int mlg_compare_data_files(const struct mlg_world *world, const char *path, struct mlg_arena *arena,
                           const char *const **files, size_t *count, struct mlg_error *error);

/* Does a file with this beginning stand for another one, which Git LFS keeps elsewhere? */
bool mlg_is_lfs_pointer(const char *bytes, size_t size);
/* SHA-256 of what a file or directory means: two of the same mean the same, whatever the order, time stamps
 * and compression of what they hold, the order of tensors in safetensors, and of keys in JSON. Two that mean
 * the same need not have the same: numbers and texts of JSON are in it as they are written, and of other
 * files the bytes; of a model with files beside it those are in it. Errors as above, for what is damaged.
 * Of `options` (NULL: none) `ignore` counts: left out are files of directories, members of archives, tensors
 * of safetensors, keys of JSON and columns of tables; parts of PyTorch and ONNX files are not, nor is
 * anything where all would be; and a column that is the `id` never is. */
int mlg_compare_digest(const struct mlg_world *world, const char *path,
                       const struct mlg_compare_options *options, char sha256[65], struct mlg_error *error);

/* ---- predictions ----------------------------------------------------------------------------------- */

struct mlg_flips_options {
    const char *prediction;    /* column, in both; NULL: scores are all that is asked for */
    const char *id;            /* column, in both: rows are joined by its text; NULL: by position */
    const char *label;         /* column, in A, B or both; NULL: none */
    const char *const *scores; /* columns of numbers, in both */
    size_t score_count;
};

enum { MLG_FLIPS_ROWS = 10 };

struct mlg_flips {
    uint64_t n;       /* rows that both have, and in which one of them has a prediction at least */
    uint64_t changed; /* of them: the predictions are not equal, as numbers where both are numbers */
    uint64_t missing; /* rows that both have, and in which neither has a prediction (NaN is none) */
    uint64_t scores, missing_scores; /* pairs of scores; those of them that neither has */
    /* Rows that the other has not: no share of rows can be told where there are any; the first of each, as in
     * "id=17 is only in 'a.csv', id=4 only in 'b.csv'", NULL: none. */
    uint64_t only_a, only_b;
    const char *only;
    /* Of changed predictions, where there are labels: correct in B and wrong in A, the other way round, and
     * wrong in both. */
    bool labelled;
    uint64_t correct_to_wrong, wrong_to_correct, wrong_to_wrong;
    double max_score_change; /* largest |a - b| over rows and scores; infinite where one of two is missing */
    const char *max_score_row;        /* where: "id=17", "row 11"; NULL: no score changed */
    const char *max_score_text;       /* "'score' of id=17: 0.25 against 0.75"; NULL likewise */
    const char *rows[MLG_FLIPS_ROWS]; /* the first changed rows, in the order of B: the id, or the number of
                                         the row from 1 on */
    size_t row_count;
};

/* Joins the rows of two tables and counts changed predictions; B is what was there before. An error: a column
 * that is not there, an id that stands twice, a score that is no number, labels of a row that are not the
 * same in A and B, no rows at all, no row of one that has a prediction (or a number in a column of scores); a
 * stream (MLG_WORLD), because both are read twice. */
int mlg_compare_predictions(const struct mlg_world *world, const char *a, const char *b,
                            const struct mlg_flips_options *options, struct mlg_arena *arena,
                            struct mlg_flips *flips, struct mlg_error *error);

/* The files below a directory, by path, which their names call tables (CSV, TSV, JSON lines, Parquet), which
 * have that column, and which `options` do not leave out. Of what is no directory: "" alone. */
int mlg_compare_tables_with(const struct mlg_world *world, const char *directory, const char *column,
                            const struct mlg_compare_options *options, struct mlg_arena *arena,
                            const char *const **files, size_t *count, struct mlg_error *error);

struct mlg_flips_of_files {
    struct mlg_flips_of_file {
        const char *file; /* below both directories; "": the two files themselves */
        struct mlg_flips flips;
    } * items;
    size_t count;
    bool are_below; /* two directories were compared */
};
/* The same of two files, or of all tables that two directories both hold and that have the column of
 * predictions; an error where there are none (MLG_DATA). */
int mlg_compare_predictions_below(const struct mlg_world *world, const char *a, const char *b,
                                  const struct mlg_flips_options *options,
                                  const struct mlg_compare_options *compare, struct mlg_arena *arena,
                                  struct mlg_flips_of_files *found, struct mlg_error *error);

/* Several tables of the same rows. */
struct mlg_flips_of_all {
    uint64_t n;             /* rows that all have, and in which one of them has a prediction at least */
    uint64_t missing;       /* rows in which none has */
    uint64_t changed;       /* of them: at least one table predicts otherwise than the first */
    struct mlg_flips worst; /* A the table that changed most rows (of equals the first), B the first table;
                               where `only` is set a pair that has not the same rows, and then the counts
                               above do not tell all */
    size_t worst_table;     /* A's place in the list */
};
/* The same over `count` tables, two or more; the first one is what was there before. Errors as above. */
int mlg_compare_all_predictions(const struct mlg_world *world, const char *const *tables, size_t count,
                                const struct mlg_flips_options *options, struct mlg_arena *arena,
                                struct mlg_flips_of_all *all, struct mlg_error *error);

struct mlg_rows_options {
    const char *id;             /* column that joins rows, where both have it; NULL: by position */
    const char *const *same;    /* columns whose cells have to be equal: labels, groups */
    const char *const *present; /* columns that have to be missing in the same rows: predictions, scores */
    size_t same_count, present_count;
    /* How both are read (its path is of no matter); NULL: as usual. */
    const struct mlg_reader_options *reader;
};

/* Are two tables about the same rows? *why says what they do not have in common, NULL: they are. Columns that
 * only one of them has, or none, are not looked at. Errors as above. */
int mlg_compare_rows(const struct mlg_world *world, const char *a, const char *b,
                     const struct mlg_rows_options *options, struct mlg_arena *arena, const char **why,
                     struct mlg_error *error);

/* ---- for readers ----------------------------------------------------------------------------------- */

/* As lines: first what differs and where, then what is the same, counted. `a` and `b` are the names shown;
 * `flips` NULL: nobody asked for predictions. */
void mlg_comparison_put_text(const struct mlg_comparison *comparison, const struct mlg_flips_of_files *flips,
                             const char *a, const char *b, struct mlg_builder *out);
/* As one JSON document, "mlgate-comparison/1", with a final newline. Infinite numbers are null. */
void mlg_comparison_put_json(const struct mlg_comparison *comparison, const struct mlg_flips_of_files *flips,
                             const char *a, const char *b, struct mlg_builder *out);

#endif
