/* reader: which format reads this content, and the way from a request's names to its columns. */
#include "reader.h"

#include <stdio.h>
#include <string.h>

#include "index.h"
#include "mlgate/text.h"
#include "source.h"

const struct mlg_reader_tuning mlg_reader_tuning_usual = {
    .block = 256 * 1024,
    .threads_from = 1024 * 1024,
    .line_bytes = MLG_LINE_BYTES,
    .expansion_bytes = UINT64_C(1) << 30,
    .expansion_ratio = 1000,
    .held_bytes = 64 * 1024 * 1024,
    .held_stream_bytes = 1024 * 1024 * 1024,
    .instructions = MLG_INSTRUCTIONS_ALL,
};

static const struct mlg_format *const formats[] = {
#define READER(name) &mlg_format_##name,
#include "readers.def"
#undef READER
};
enum { FORMATS = sizeof formats / sizeof *formats };

#define MAGIC(offset, bytes, what)                                                                           \
    {                                                                                                        \
        offset, sizeof(bytes) - 1, bytes, what                                                               \
    }
/* What else files of predictions are kept in: named, so that nobody has to guess what went wrong. */
static const struct {
    size_t offset, size;
    const char *bytes, *what;
} foreign[] = {
    MAGIC(0, "ARROW1\0", "Arrow"),
    MAGIC(0, "\xff\xff\xff\xff", "an Arrow stream"),
    MAGIC(0, "\x93NUMPY", "NumPy"),
    MAGIC(0, "\x89HDF\r\n", "HDF5"),
    MAGIC(0, "SQLite format 3", "SQLite"),
    MAGIC(0, "Obj\x01", "Avro"),
    MAGIC(0, "ORC\n", "ORC"),
    MAGIC(0, "\x80\x02", "a Python pickle"),
    MAGIC(0, "\x80\x03", "a Python pickle"),
    MAGIC(0, "\x80\x04", "a Python pickle"),
    MAGIC(0, "\x80\x05", "a Python pickle"),
    MAGIC(0, "\xff\xfe", "UTF-16 text"),
    MAGIC(0, "\xfe\xff", "UTF-16 text"),
};

static bool is_archive(const unsigned char *bytes, size_t size)
{
    return (size >= 4 && memcmp(bytes, "PK\x03\x04", 4) == 0) ||
           (size >= 262 && memcmp(bytes + 257, "ustar", 5) == 0);
}

/* The formats one after the other: "csv, tsv" as options name them, "CSV and TSV" as sentences do. */
static const char *list_formats(bool shown, char *list, size_t room)
{
    size_t used = 0;
    for (size_t i = 0; i < FORMATS && used < room; i++) {
        const char *mark = i == 0 ? "" : shown && i + 1 == FORMATS ? " and " : ", ";
        const int wrote =
            snprintf(list + used, room - used, "%s%s", mark, shown ? formats[i]->shown : formats[i]->name);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
    return list;
}

static int choose(struct mlg_reader *reader, struct mlg_error *error)
{
    char list[256];
    if (reader->options.format) {
        for (size_t i = 0; i < FORMATS; i++)
            if (strcmp(formats[i]->name, reader->options.format) == 0)
                reader->format = formats[i];
        return reader->format ? 0
                              : mlg_error_set(error, MLG_CONFIG, "format '%s' is not known; formats are %s",
                                              reader->options.format, list_formats(false, list, sizeof list));
    }
    size_t size;
    const unsigned char *bytes = mlg_source_peek(reader->source, &size);
    int best = 0;
    for (size_t i = 0; i < FORMATS; i++) {
        int bid = formats[i]->bid(reader->options.path, bytes, size, size < MLG_SOURCE_PEEK);
        if (bid > best) {
            best = bid;
            reader->format = formats[i];
        }
    }
    enum { MAGIC_BID = 50 }; /* a format that knows its own magic goes first */
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign && best < MAGIC_BID; i++)
        if (size >= foreign[i].offset + foreign[i].size &&
            memcmp(bytes + foreign[i].offset, foreign[i].bytes, foreign[i].size) == 0)
            return mlg_error_set(error, MLG_DATA,
                                 "'%s' looks like %s, which this version does not read; %s are read",
                                 reader->shown, foreign[i].what, list_formats(true, list, sizeof list));
    if (best < MAGIC_BID && is_archive(bytes, size))
        return mlg_error_set(error, MLG_DATA,
                             "'%s' is an archive; name the member to read, as in '%s//table.csv'",
                             reader->shown, reader->shown);
    if (best == 0)
        return mlg_error_set(error, MLG_DATA, "'%s' is not text; %s are read", reader->shown,
                             list_formats(true, list, sizeof list));
    return 0;
}

static int check_options(const struct mlg_reader_options *options, struct mlg_error *error)
{
    char delimiter = options->delimiter, decimal = options->decimal;
    if (delimiter == '"' || delimiter == '\n' || delimiter == '\r')
        return mlg_error_set(
            error, MLG_CONFIG,
            "a delimiter cannot be a quote or a line end; comma, tab, semicolon or pipe are usual");
    if (decimal != '\0' && decimal != '.' && decimal != ',')
        return mlg_error_set(error, MLG_CONFIG, "decimal '%c' is not known; '.' or ',' are accepted",
                             decimal);
    if (delimiter != '\0' && delimiter == decimal)
        return mlg_error_set(error, MLG_CONFIG, "delimiter and decimal are both '%c'", decimal);
    return 0;
}

int mlg_reader_open_tuned(const struct mlg_world *world, struct mlg_arena *arena,
                          const struct mlg_reader_options *options, const struct mlg_reader_tuning *tuning,
                          struct mlg_reader **out, struct mlg_error *error)
{
    struct mlg_error own = {0};
    struct mlg_reader *reader = MLG_NEW(arena, struct mlg_reader);
    const char *path = mlg_arena_copy(arena, options->path, strlen(options->path));
    if (!reader || !path)
        return mlg_error_set(error, MLG_LIMIT, "no memory to read '%s'", options->path);
    reader->arena = arena;
    reader->options = *options;
    reader->options.path = path;
    if (reader->options.decimal == '\0')
        reader->options.decimal = '.';
    reader->tuning = *tuning;
    reader->shown = strcmp(path, "-") == 0 ? "standard input" : path;
    int code = check_options(&reader->options, &own);
    if (!code)
        code = mlg_source_open(world, arena, path, &reader->tuning, &reader->source, &own);
    if (!code && options->without_hash)
        mlg_source_without_hash(reader->source);
    if (!code && options->hash_content)
        mlg_source_hash_content(reader->source);
    if (!code)
        code = choose(reader, &own);
    if (!code)
        code = reader->format->open(reader, &own);
    if (code) {
        if (error)
            *error = own;
        mlg_reader_close(reader);
        return code;
    }
    *out = reader;
    return 0;
}

int mlg_reader_open(const struct mlg_world *world, struct mlg_arena *arena,
                    const struct mlg_reader_options *options, struct mlg_reader **reader,
                    struct mlg_error *error)
{
    return mlg_reader_open_tuned(world, arena, options, &mlg_reader_tuning_usual, reader, error);
}

bool mlg_reader_is_file(const struct mlg_reader *reader)
{
    return mlg_source_is_file(reader->source);
}

size_t mlg_reader_columns(const struct mlg_reader *reader, const char *const **names)
{
    if (names)
        *names = reader->names;
    return reader->name_count;
}

const bool *mlg_reader_nested(const struct mlg_reader *reader)
{
    return reader->nested;
}

const char *mlg_reader_format(const struct mlg_reader *reader)
{
    return reader->format->name;
}

static int find_columns(const struct mlg_reader *reader, const struct mlg_column_request *requests,
                        size_t count, size_t dictionary_count, size_t *columns, struct mlg_error *error)
{
    for (size_t i = 0; i < count; i++) {
        const struct mlg_column_request *request = &requests[i];
        size_t k = 0;
        while (k < reader->name_count && strcmp(reader->names[k], request->name) != 0)
            k++;
        if (k == reader->name_count) {
            const char *near = mlg_nearest(request->name, reader->names, reader->name_count);
            return mlg_error_set(error, MLG_DATA, "column '%s' not found in '%s'%s%s%s", request->name,
                                 reader->shown, near ? "; did you mean '" : "", near ? near : "",
                                 near ? "'?" : "");
        }
        bool code = request->decode == MLG_DECODE_CODE;
        if (code && request->dictionary >= dictionary_count)
            return mlg_error_set(error, MLG_INTERNAL, "the request for column '%s' makes no sense",
                                 request->name);
        columns[i] = k;
    }
    return 0;
}

int mlg_reader_read(struct mlg_reader *reader, const struct mlg_column_request *requests, size_t count,
                    unsigned threads, mlg_batch_sink sink, void *const *contexts,
                    struct mlg_dictionary *const *const *dictionaries, size_t dictionary_count,
                    struct mlg_read_summary *summary, struct mlg_error *error)
{
    struct mlg_error own = {0};
    *summary = (struct mlg_read_summary){0};
    uint64_t *missing = MLG_NEW_ARRAY(reader->arena, uint64_t, count + 1);
    size_t *columns = MLG_NEW_ARRAY(reader->arena, size_t, count + 1);
    int code = 0;
    if (!missing || !columns)
        code = mlg_reader_no_memory(reader, &own);
    else if (reader->spent)
        code = mlg_error_set(&own, MLG_INTERNAL, "'%s' was read before", reader->shown);
    else
        code = find_columns(reader, requests, count, dictionary_count, columns, &own);
    reader->spent = true;
    if (!code) {
        struct mlg_read_order order = {
            .requests = requests,
            .columns = columns,
            .count = count,
            .threads = mlg_threads(threads),
            .sink = sink,
            .contexts = contexts,
            .dictionaries = dictionaries,
            .dictionary_count = dictionary_count,
        };
        code = reader->format->read(reader, &order, summary, missing, &own);
    }
    /* A file that is not what it was explains any other error better than that error does. */
    if (code && reader->source && mlg_source_changed(reader->source, &own))
        code = MLG_WORLD;
    if (!code && reader->source) /* one that joins two has none of its own */
        code = mlg_source_finish(reader->source, summary, &own);
    summary->missing = missing;
    if (code && error)
        *error = own;
    return code;
}

void mlg_reader_close(struct mlg_reader *reader)
{
    if (!reader)
        return;
    if (reader->format && reader->state)
        reader->format->close(reader);
    reader->state = NULL;
    mlg_source_close(reader->source);
    reader->source = NULL;
}

size_t mlg_order_dropped(const unsigned char *dropped, size_t count, uint32_t *order)
{
    size_t rows = 0, behind;
    for (size_t i = 0; i < count; i++)
        if (!dropped[i])
            order[rows++] = (uint32_t)i;
    behind = rows;
    for (size_t i = 0; i < count; i++)
        if (dropped[i])
            order[behind++] = (uint32_t)i;
    return rows;
}

struct mlg_place mlg_batch_place(const struct mlg_batch *batch, size_t row)
{
    const struct mlg_batch_inside *inside = (const struct mlg_batch_inside *)(const void *)batch;
    return inside->place(inside, row);
}

uint64_t mlg_batch_position(const struct mlg_batch *batch, size_t row)
{
    const struct mlg_batch_inside *inside = (const struct mlg_batch_inside *)(const void *)batch;
    return inside->position(inside, row);
}
