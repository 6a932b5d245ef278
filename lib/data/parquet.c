/* parquet: the footer, which says what columns there are, and where. */
#include "parquet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dictionary.h"
#include "parquet_thrift.h"
#include "source.h"

enum {
    TAIL = 8,               /* the footer's size and the magic bytes */
    MOST_COLUMNS = 1 << 20, /* as of CSV */
    MOST_WIDTH = 1 << 20,   /* of a value of fixed size */
    MOST_ROWS = INT32_MAX,  /* of a row group */
    CHUNK_SLACK = 128       /* some writers forgot the dictionary's header in the size of a chunk */
};

static int no_memory(const struct mlg_parquet *file, struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT, "no memory to read '%s'", file->shown);
}

int mlg_parquet_damaged(const struct mlg_parquet *file, const struct mlg_parquet_column *column,
                        struct mlg_error *error, const char *format, ...)
{
    char why[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    return mlg_error_set(error, MLG_DATA, "'%s' is damaged: %s%s%s%s", file->shown, why,
                         column ? " (column '" : "", column ? column->name : "", column ? "')" : "");
}

/* ---- bytes -------------------------------------------------------------------------------------------- */

/* What cannot be read at an offset is held, up to a limit. */
static int hold(struct mlg_parquet *file, struct mlg_error *error)
{
    size_t room = 256 * 1024, used = 0;
    for (;;) {
        unsigned char *grown = realloc(file->held, room);
        if (!grown)
            return no_memory(file, error);
        file->held = grown;
        const int64_t got = mlg_source_read(file->source, grown + used, room - used, error);
        if (got < 0)
            return error && error->code ? (int)error->code : MLG_DATA;
        used += (size_t)got;
        if (used < room)
            break;
        if (room > file->held_most)
            break;
        room = room > file->held_most / 2 ? file->held_most + 1 : room * 2;
    }
    if (used > file->held_most)
        return mlg_error_set(
            error, MLG_LIMIT,
            "'%s' is more than %zu MiB of Parquet in a pipe, an archive or a compressed file, "
            "which would have to be held; a plain file may be larger",
            file->shown, file->held_most >> 20);
    file->size = used;
    return 0;
}

int mlg_parquet_read_at(struct mlg_parquet *file, uint64_t offset, void *buffer, size_t size,
                        struct mlg_error *error)
{
    if (offset > file->size || size > file->size - offset)
        return mlg_parquet_damaged(file, NULL, error, "it is cut short");
    if (!file->held)
        return mlg_source_read_at(file->source, (int64_t)offset, buffer, size, error);
    if (size > 0)
        memcpy(buffer, file->held + offset, size);
    return 0;
}

/* ---- the schema --------------------------------------------------------------------------------------- */

enum { REQUIRED, OPTIONAL, REPEATED };

/* Logical types and the older converted types, as the format numbers them. */
enum {
    L_STRING = 1,
    L_MAP,
    L_LIST,
    L_ENUM,
    L_DECIMAL,
    L_DATE,
    L_TIME,
    L_TIMESTAMP,
    L_INTEGER = 10,
    L_UNKNOWN,
    L_JSON,
    L_BSON,
    L_UUID,
    L_FLOAT16
};
enum {
    C_UTF8,
    C_ENUM = 4,
    C_DECIMAL,
    C_DATE,
    C_TIME_MILLIS,
    C_TIME_MICROS,
    C_TIMESTAMP_MILLIS,
    C_TIMESTAMP_MICROS,
    C_UINT_8,
    C_UINT_64 = 14,
    C_INT_8,
    C_INT_64 = 18,
    C_JSON
};

struct element {
    struct mlg_text name;
    int64_t physical, width, repetition, children, converted, scale;
    int logical; /* 0: none */
    unsigned digits;
    bool is_unsigned, utc;
};

static unsigned read_unit(struct mlg_thrift *thrift, unsigned type)
{
    unsigned digits = 0, field;
    if (mlg_thrift_is_struct(thrift, type))
        for (int id = 0; (field = mlg_thrift_field(thrift, &id)) != 0; mlg_thrift_skip(thrift, field))
            digits = id == 1 ? 3 : id == 2 ? 6 : id == 3 ? 9 : 0;
    return digits;
}

static void read_logical(struct mlg_thrift *thrift, unsigned type, struct element *element)
{
    unsigned field, inner;
    if (!mlg_thrift_is_struct(thrift, type))
        return;
    for (int id = 0; (field = mlg_thrift_field(thrift, &id)) != 0;) {
        element->logical = id;
        if (!mlg_thrift_is_struct(thrift, field))
            return;
        for (int part = 0; (inner = mlg_thrift_field(thrift, &part)) != 0;) {
            if (id == L_DECIMAL && part == 1)
                element->scale = mlg_thrift_integer(thrift, inner);
            else if ((id == L_TIME || id == L_TIMESTAMP) && part == 1)
                element->utc = mlg_thrift_boolean(thrift, inner);
            else if ((id == L_TIME || id == L_TIMESTAMP) && part == 2)
                element->digits = read_unit(thrift, inner);
            else if (id == L_INTEGER && part == 2)
                element->is_unsigned = !mlg_thrift_boolean(thrift, inner);
            else
                mlg_thrift_skip(thrift, inner);
        }
    }
}

static void read_element(struct mlg_thrift *thrift, struct element *element)
{
    unsigned field;
    *element = (struct element){.physical = -1, .converted = -1};
    for (int id = 0; (field = mlg_thrift_field(thrift, &id)) != 0;)
        switch (id) {
        case 1:
            element->physical = mlg_thrift_integer(thrift, field);
            break;
        case 2:
            element->width = mlg_thrift_integer(thrift, field);
            break;
        case 3:
            element->repetition = mlg_thrift_integer_of(thrift, field, REQUIRED, REPEATED);
            break;
        case 4:
            element->name = mlg_thrift_binary(thrift, field);
            break;
        case 5:
            element->children = mlg_thrift_integer_of(thrift, field, 0, INT32_MAX);
            break;
        case 6:
            element->converted = mlg_thrift_integer(thrift, field);
            break;
        case 7:
            element->scale = mlg_thrift_integer(thrift, field);
            break;
        case 10:
            read_logical(thrift, field, element);
            break;
        default:
            mlg_thrift_skip(thrift, field);
        }
}

/* The logical type that stands for an older one. */
static void modernise(struct element *element)
{
    const int64_t old = element->converted;
    if (element->logical || old < 0)
        return;
    element->logical = old == C_UTF8 || old == C_JSON                           ? L_STRING
                       : old == C_ENUM                                          ? L_ENUM
                       : old == C_DECIMAL                                       ? L_DECIMAL
                       : old == C_DATE                                          ? L_DATE
                       : old == C_TIME_MILLIS || old == C_TIME_MICROS           ? L_TIME
                       : old == C_TIMESTAMP_MILLIS || old == C_TIMESTAMP_MICROS ? L_TIMESTAMP
                       : old >= C_UINT_8 && old <= C_INT_64                     ? L_INTEGER
                                                                                : L_BSON;
    element->digits = old == C_TIME_MILLIS || old == C_TIMESTAMP_MILLIS ? 3 : 6;
    element->utc = old >= C_TIME_MILLIS && old <= C_TIMESTAMP_MICROS;
    element->is_unsigned = old >= C_UINT_8 && old <= C_UINT_64;
}

static const char nested[] = "is a list, a map or a struct; columns of single values are read";
static const char no_text[] = "is of a type that is no number, text, truth value, date or time; such columns "
                              "are not read";

/* What the values of a leaf are; the reason why they are not read, or NULL. */
static const char *find_meaning(const struct element *element, struct mlg_parquet_column *column)
{
    const enum mlg_parquet_physical physical = column->physical;
    const bool whole = physical == MLG_PARQUET_INT32 || physical == MLG_PARQUET_INT64,
               bytes = physical == MLG_PARQUET_BYTE_ARRAY, fixed = physical == MLG_PARQUET_FIXED;
    column->digits = element->digits;
    column->utc = element->utc && element->logical == L_TIMESTAMP;
    switch (element->logical) {
    case 0:
        column->digits = 9; /* of INT96, which is a time of nanoseconds */
        column->meaning = physical == MLG_PARQUET_BOOLEAN ? MLG_PARQUET_TRUTH
                          : physical == MLG_PARQUET_FLOAT || physical == MLG_PARQUET_DOUBLE ? MLG_PARQUET_REAL
                          : physical == MLG_PARQUET_INT96 ? MLG_PARQUET_TIMESTAMP
                          : whole                         ? MLG_PARQUET_SIGNED
                                                          : MLG_PARQUET_WORDS;
        return fixed ? no_text : NULL;
    case L_STRING:
    case L_ENUM:
    case L_JSON:
        column->meaning = MLG_PARQUET_WORDS;
        return bytes ? NULL : no_text;
    case L_DECIMAL:
        column->meaning = MLG_PARQUET_DECIMAL;
        column->digits = element->scale < 0 ? 0 : (unsigned)element->scale;
        if (element->scale < 0 || element->scale > 38 || (fixed && column->width > 16))
            return "is a decimal of more than 38 digits; such columns are not read";
        return whole || bytes || fixed ? NULL : no_text;
    case L_DATE:
        column->meaning = MLG_PARQUET_DATE;
        return physical == MLG_PARQUET_INT32 ? NULL : no_text;
    case L_TIME:
        column->meaning = MLG_PARQUET_TIME;
        return whole && column->digits > 0 ? NULL : no_text;
    case L_TIMESTAMP:
        column->meaning = MLG_PARQUET_TIMESTAMP;
        return physical == MLG_PARQUET_INT64 && column->digits > 0 ? NULL : no_text;
    case L_INTEGER:
        column->meaning = element->is_unsigned ? MLG_PARQUET_UNSIGNED : MLG_PARQUET_SIGNED;
        return whole ? NULL : no_text;
    case L_UNKNOWN: /* no row has a value */
        column->meaning = whole ? MLG_PARQUET_SIGNED : MLG_PARQUET_WORDS;
        return whole || bytes ? NULL : no_text;
    case L_UUID:
        column->meaning = MLG_PARQUET_UUID;
        return fixed && column->width == 16 ? NULL : no_text;
    case L_FLOAT16:
        column->meaning = MLG_PARQUET_REAL;
        return fixed && column->width == 2 ? NULL : no_text;
    default:
        return no_text;
    }
}

static int add_column(struct mlg_parquet *file, const struct element *element, struct mlg_arena *arena,
                      struct mlg_error *error)
{
    struct mlg_parquet_column *column = &file->columns[file->column_count++];
    column->name = mlg_arena_copy(arena, element->name.bytes, element->name.size);
    column->leaf = file->leaf_count;
    column->optional = element->repetition == OPTIONAL;
    if (!column->name)
        return no_memory(file, error);
    if (strlen(column->name) != element->name.size)
        return mlg_error_set(error, MLG_DATA, "the name of a column of '%s' holds a zero byte", file->shown);
    if (element->children > 0 || element->repetition == REPEATED || element->physical < 0) {
        column->refused = nested;
        return 0;
    }
    if (element->physical > MLG_PARQUET_FIXED)
        return mlg_parquet_damaged(file, column, error, "a type is not known");
    column->physical = (enum mlg_parquet_physical)element->physical;
    if (column->physical == MLG_PARQUET_FIXED && (element->width < 1 || element->width > MOST_WIDTH))
        return mlg_parquet_damaged(file, column, error, "a value cannot have %lld bytes",
                                   (long long)element->width);
    column->width = column->physical == MLG_PARQUET_FIXED ? (size_t)element->width : 0;
    column->refused = find_meaning(element, column);
    return 0;
}

static int read_schema(struct mlg_parquet *file, struct mlg_thrift *thrift, unsigned type,
                       struct mlg_arena *arena, struct mlg_error *error)
{
    unsigned element_type;
    const size_t count = mlg_thrift_list(thrift, type, &element_type);
    struct element root, element;
    if (thrift->bad || file->columns || count == 0 || element_type != MLG_THRIFT_STRUCT)
        return mlg_parquet_damaged(file, NULL, error, "its schema cannot be read");
    read_element(thrift, &root);
    if (root.children > MOST_COLUMNS)
        return mlg_error_set(error, MLG_LIMIT, "'%s' has more than %d columns", file->shown, MOST_COLUMNS);
    if (thrift->bad || (uint64_t)root.children > count - 1)
        return mlg_parquet_damaged(file, NULL, error, "its schema cannot be read");
    file->columns = MLG_NEW_ARRAY(arena, struct mlg_parquet_column, (size_t)root.children + 1);
    if (!file->columns)
        return no_memory(file, error);
    uint64_t inside = 0; /* elements that are parts of the column before */
    for (size_t i = 1; i < count; i++) {
        read_element(thrift, &element);
        modernise(&element);
        if (thrift->bad || (inside == 0 && file->column_count == (size_t)root.children))
            return mlg_parquet_damaged(file, NULL, error, "its schema cannot be read");
        int code = 0;
        if (inside > 0)
            inside--;
        else
            code = add_column(file, &element, arena, error);
        if (code)
            return code;
        inside += (uint64_t)element.children;
        file->leaf_count += element.physical >= 0 && element.children == 0;
    }
    if (inside > 0 || file->column_count < (size_t)root.children)
        return mlg_parquet_damaged(file, NULL, error, "its schema cannot be read");
    return 0;
}

/* ---- row groups --------------------------------------------------------------------------------------- */

static int read_group(struct mlg_parquet *file, struct mlg_thrift *thrift, struct mlg_parquet_group *group,
                      struct mlg_arena *arena, struct mlg_error *error)
{
    unsigned field, element_type;
    int64_t rows = -1;
    for (int id = 0; (field = mlg_thrift_field(thrift, &id)) != 0;) {
        if (id == 3) {
            rows = mlg_thrift_integer(thrift, field);
        } else if (id == 1 && !group->chunks) {
            const size_t count = mlg_thrift_list(thrift, field, &element_type);
            if (thrift->bad || count != file->leaf_count || element_type != MLG_THRIFT_STRUCT)
                return mlg_parquet_damaged(file, NULL, error,
                                           "a row group has %zu columns, and the schema %zu", count,
                                           file->leaf_count);
            uint32_t *chunks = MLG_NEW_ARRAY(arena, uint32_t, count + 1);
            if (!chunks)
                return no_memory(file, error);
            for (size_t i = 0; i < count; i++) {
                chunks[i] = (uint32_t)(thrift->at - file->footer);
                mlg_thrift_skip(thrift, element_type);
            }
            group->chunks = chunks;
        } else {
            mlg_thrift_skip(thrift, field);
        }
    }
    if (thrift->bad || !group->chunks)
        return mlg_parquet_damaged(file, NULL, error, "a row group cannot be read");
    if (rows < 0 || rows > MOST_ROWS)
        return mlg_parquet_damaged(file, NULL, error, "a row group cannot have %lld rows", (long long)rows);
    group->rows = (uint64_t)rows;
    file->rows += group->rows;
    return 0;
}

static int read_groups(struct mlg_parquet *file, struct mlg_thrift *thrift, unsigned type,
                       struct mlg_arena *arena, struct mlg_error *error)
{
    unsigned element_type;
    const size_t count = mlg_thrift_list(thrift, type, &element_type);
    /* The schema stands before; a group is struct and list at least. */
    if (thrift->bad || file->groups || !file->columns || (count > 0 && element_type != MLG_THRIFT_STRUCT))
        return mlg_parquet_damaged(file, NULL, error, "its row groups cannot be read");
    file->groups = MLG_NEW_ARRAY(arena, struct mlg_parquet_group, count + 1);
    if (!file->groups)
        return no_memory(file, error);
    for (file->group_count = 0; file->group_count < count; file->group_count++) {
        int code = read_group(file, thrift, &file->groups[file->group_count], arena, error);
        if (code)
            return code;
    }
    return 0;
}

int mlg_parquet_find_chunk(const struct mlg_parquet *file, const struct mlg_parquet_column *column,
                           size_t group, struct mlg_parquet_chunk *chunk, struct mlg_error *error)
{
    struct mlg_thrift thrift = {file->footer + file->groups[group].chunks[column->leaf],
                                file->footer + file->footer_size, false};
    int64_t physical = -1, codec = -1, values = -1, size = -1, data = 0, dictionary = 0;
    bool elsewhere = false, encrypted = false;
    unsigned field, inner;
    for (int id = 0; (field = mlg_thrift_field(&thrift, &id)) != 0;) {
        if (id == 1)
            elsewhere = mlg_thrift_binary(&thrift, field).size > 0;
        else if (id == 3 && mlg_thrift_is_struct(&thrift, field))
            for (int part = 0; (inner = mlg_thrift_field(&thrift, &part)) != 0;) {
                int64_t *number = part == 1    ? &physical
                                  : part == 4  ? &codec
                                  : part == 5  ? &values
                                  : part == 7  ? &size
                                  : part == 9  ? &data
                                  : part == 11 ? &dictionary
                                               : NULL;
                if (number)
                    *number = mlg_thrift_integer(&thrift, inner);
                else
                    mlg_thrift_skip(&thrift, inner);
            }
        else {
            encrypted |= id == 8;
            mlg_thrift_skip(&thrift, field);
        }
    }
    chunk->refused = encrypted   ? "is encrypted, which is not read"
                     : elsewhere ? "lies in another file, which is not read"
                                 : mlg_parquet_codec_refused(codec);
    if (chunk->refused && !thrift.bad)
        return mlg_error_set(error, MLG_DATA, "column '%s' of '%s' %s", column->name, file->shown,
                             chunk->refused);
    if (thrift.bad || physical != (int64_t)column->physical || size < 0 || values < 0)
        return mlg_parquet_damaged(file, column, error, "what stands of a column cannot be read");
    if ((uint64_t)values != file->groups[group].rows)
        return mlg_parquet_damaged(file, column, error,
                                   "a column has %lld values in a row group of %llu rows", (long long)values,
                                   (unsigned long long)file->groups[group].rows);
    const int64_t start = dictionary > 0 && dictionary < data ? dictionary : data;
    if (start < 4 || (uint64_t)start > file->footer_at || (uint64_t)size > file->footer_at - (uint64_t)start)
        return mlg_parquet_damaged(file, column, error, "a column lies outside of the file");
    chunk->start = (uint64_t)start;
    chunk->end = chunk->start + (uint64_t)size;
    chunk->end = file->footer_at - chunk->end > CHUNK_SLACK ? chunk->end + CHUNK_SLACK : file->footer_at;
    chunk->codec = (enum mlg_parquet_codec)codec;
    return 0;
}

/* What a column is compressed with is known where it lies: to ask for it is an error, and those beside it are
 * read. The first row group speaks for the others, which are asked in their turn. */
static void refuse_columns(struct mlg_parquet *file)
{
    struct mlg_parquet_chunk chunk;
    for (size_t i = 0; i < file->column_count && file->group_count > 0; i++) {
        struct mlg_parquet_column *column = &file->columns[i];
        if (!column->refused && file->groups[0].rows > 0 &&
            mlg_parquet_find_chunk(file, column, 0, &chunk, NULL))
            column->refused = chunk.refused;
    }
}

/* ---- the footer --------------------------------------------------------------------------------------- */

static int refuse_twins(const struct mlg_parquet *file, struct mlg_error *error)
{
    struct mlg_dictionary *names = mlg_dictionary_new(file->column_count);
    int code = names ? 0 : no_memory(file, error);
    for (size_t i = 0; i < file->column_count && !code; i++) {
        const char *name = file->columns[i].name;
        const uint32_t first = mlg_dictionary_code(names, name, strlen(name));
        if (first == MLG_NO_CODE)
            code = no_memory(file, error);
        else if (first != i)
            code = mlg_error_set(error, MLG_DATA, "column '%s' occurs twice in '%s'", name, file->shown);
    }
    mlg_dictionary_free(names);
    return code;
}

static int read_footer(struct mlg_parquet *file, struct mlg_arena *arena, struct mlg_error *error)
{
    unsigned char tail[TAIL] = {0};
    int code = file->size < TAIL + 4 ? mlg_parquet_damaged(file, NULL, error, "it is cut short")
                                     : mlg_parquet_read_at(file, file->size - TAIL, tail, TAIL, error);
    if (code)
        return code;
    if (memcmp(tail + 4, "PARE", 4) == 0)
        return mlg_error_set(error, MLG_DATA, "'%s' is encrypted Parquet, which is not read", file->shown);
    if (memcmp(tail + 4, "PAR1", 4) != 0)
        return mlg_parquet_damaged(file, NULL, error, "it is cut short, as it does not end in 'PAR1'");
    const uint64_t size =
        (uint64_t)tail[0] | (uint64_t)tail[1] << 8 | (uint64_t)tail[2] << 16 | (uint64_t)tail[3] << 24;
    if (size > file->size - TAIL - 4)
        return mlg_parquet_damaged(file, NULL, error, "its footer cannot have %llu bytes",
                                   (unsigned long long)size);
    if (size > MLG_PARQUET_FOOTER)
        return mlg_error_set(error, MLG_LIMIT, "the footer of '%s' is larger than %d MiB", file->shown,
                             MLG_PARQUET_FOOTER >> 20);
    file->footer_at = file->size - TAIL - size;
    file->footer_size = (size_t)size;
    unsigned char *footer = mlg_arena_alloc(arena, (size_t)size + 1, 1);
    file->footer = footer;
    return footer ? mlg_parquet_read_at(file, file->footer_at, footer, (size_t)size, error)
                  : no_memory(file, error);
}

static int parse_footer(struct mlg_parquet *file, struct mlg_arena *arena, struct mlg_error *error)
{
    struct mlg_thrift thrift = {file->footer, file->footer + file->footer_size, false};
    int64_t rows = -1;
    unsigned field;
    int code = 0;
    for (int id = 0; !code && (field = mlg_thrift_field(&thrift, &id)) != 0;) {
        if (id == 2)
            code = read_schema(file, &thrift, field, arena, error);
        else if (id == 3)
            rows = mlg_thrift_integer(&thrift, field);
        else if (id == 4)
            code = read_groups(file, &thrift, field, arena, error);
        else
            mlg_thrift_skip(&thrift, field);
    }
    if (!code && (thrift.bad || !file->columns || !file->groups))
        code = mlg_parquet_damaged(file, NULL, error, "its footer cannot be read");
    /* Some writers have left it 0. */
    if (!code && rows != 0 && (rows < 0 || (uint64_t)rows != file->rows))
        code = mlg_parquet_damaged(file, NULL, error,
                                   "it says that it has %lld rows, and its row groups have %llu",
                                   (long long)rows, (unsigned long long)file->rows);
    return code;
}

int mlg_parquet_open(struct mlg_parquet *file, struct mlg_source *source, const char *shown,
                     struct mlg_arena *arena, struct mlg_error *error)
{
    const int64_t size = mlg_source_plain_size(source);
    file->source = source;
    file->shown = shown;
    file->size = size < 0 ? 0 : (uint64_t)size;
    int code = size < 0 ? hold(file, error) : 0;
    if (!code)
        code = read_footer(file, arena, error);
    if (!code)
        code = parse_footer(file, arena, error);
    if (!code)
        code = refuse_twins(file, error);
    if (!code && file->column_count == 0)
        code = mlg_error_set(error, MLG_DATA, "'%s' has no columns", shown);
    if (!code)
        refuse_columns(file);
    mlg_crc_fill(&file->crc);
    return code;
}

void mlg_parquet_close(struct mlg_parquet *file)
{
    free(file->held);
    file->held = NULL;
}
