/* join: rows of two tables brought together. A is held in memory, B goes by. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inside.h"
#include "mlgate/number.h"

/* The cells of A, row by row: texts one behind the other, and where each ends. */
struct cells {
    char *text;
    uint64_t *ends; /* the top bit: the cell is missing */
    uint64_t size, room, count, capacity;
};

#define MISSING (UINT64_C(1) << 63)

struct joining {
    struct join *join;
    struct mlg_error *error;
    struct cells cells;
    struct mlg_dictionary *ids; /* the code of an id of A is the number of its row */
    unsigned char *seen;        /* ids that B had, by code */
    size_t seen_room;
    struct mlg_text *texts; /* of a row of A, as `row` is given them */
};

static int no_room(const struct joining *joining, struct mlg_error *error)
{
    return mlg_error_set(error, MLG_LIMIT,
                         "'%s' is too large to be compared; a table of at most %llu MiB is held",
                         joining->join->path_a, (unsigned long long)(MLG_COMPARE_BYTES >> 20));
}

static bool make_room(void **items, uint64_t *room, uint64_t needed, size_t size)
{
    uint64_t more = *room ? *room : 1024;
    while (more < needed)
        more *= 2;
    if (more == *room)
        return true;
    void *grown = more <= 2 * MLG_COMPARE_BYTES / size ? realloc(*items, (size_t)more * size) : NULL;
    if (!grown)
        return false;
    *items = grown;
    *room = more;
    return true;
}

static int keep_cell(struct joining *joining, const struct mlg_text *cell, struct mlg_error *error)
{
    struct cells *cells = &joining->cells;
    void *text = cells->text, *ends = cells->ends;
    const size_t size = cell->bytes ? cell->size : 0;
    bool good = cells->size + size + 8 * cells->count <= MLG_COMPARE_BYTES &&
                make_room(&text, &cells->room, cells->size + size + 1, 1);
    cells->text = text;
    good = good && make_room(&ends, &cells->capacity, cells->count + 1, sizeof *cells->ends);
    cells->ends = ends;
    if (!good)
        return no_room(joining, error);
    if (size > 0)
        memcpy(cells->text + cells->size, cell->bytes, size);
    cells->size += size;
    cells->ends[cells->count++] = cells->size | (cell->bytes ? 0 : MISSING);
    return 0;
}

static struct mlg_text cell_of(const struct cells *cells, uint64_t index)
{
    const uint64_t start = index > 0 ? cells->ends[index - 1] & ~MISSING : 0, end = cells->ends[index];
    return (struct mlg_text){end & MISSING ? NULL : cells->text + start, (size_t)((end & ~MISSING) - start)};
}

/* The cell of an id without what is of no matter: of JSON lines, where texts stand in quotes, these, and how
 * a number is written: 1 is 1.0, and "1" as well, but "1.0" is a text of its own. */
static struct mlg_text id_of(const struct mlg_text *cell, bool is_lines, char room[MLG_NUMBER_SIZE])
{
    static const double most_exact = 9007199254740992;
    struct mlg_text id = *cell;
    double value;
    if (!id.bytes || !is_lines)
        return id;
    if (id.size >= 2 && id.bytes[0] == '"')
        return (struct mlg_text){id.size > 2 ? id.bytes + 1 : NULL, id.size - 2};
    bool is_plain = true;
    for (size_t i = 0; i < id.size; i++)
        is_plain = is_plain && id.bytes[i] != '.' && id.bytes[i] != 'e' && id.bytes[i] != 'E';
    if (is_plain || !mlg_number_parse(id.bytes, id.size, &value) || !isfinite(value))
        return id;
    id.size = floor(value) == value && fabs(value) < most_exact
                  ? (size_t)snprintf(room, MLG_NUMBER_SIZE, "%lld", (long long)value)
                  : mlg_number_print(value, room);
    id.bytes = room;
    return id;
}

static int code_of(const struct joining *joining, const struct mlg_batch *batch, size_t row,
                   const struct mlg_text *id, uint32_t *code, struct mlg_error *error)
{
    if (!id->bytes)
        return mlg_error_at(error, MLG_DATA, mlg_batch_place(batch, row), "the id in column '%s' is missing",
                            joining->join->id);
    *code = mlg_dictionary_code(joining->ids, id->bytes, id->size);
    return *code == MLG_NO_CODE ? no_room(joining, error) : 0;
}

static int twice(const struct joining *joining, const struct mlg_batch *batch, size_t row,
                 const struct mlg_text *id, struct mlg_error *error)
{
    return mlg_error_at(error, MLG_DATA, mlg_batch_place(batch, row),
                        "the id '%.*s' stands twice in column '%s'; ids tell rows apart",
                        (int)(id->size < 100 ? id->size : 100), id->bytes, joining->join->id);
}

static int take_a(void *context, const struct mlg_batch *batch, struct mlg_error *error)
{
    struct joining *joining = context;
    struct join *join = joining->join;
    const bool is_lines = is_lines_name(join->path_a);
    for (size_t row = 0; row < batch->rows; row++) {
        uint32_t code = 0;
        char room[MLG_NUMBER_SIZE];
        if (join->id) {
            const struct mlg_text id = id_of(&batch->columns[join->count_a].texts[row], is_lines, room);
            int failed = code_of(joining, batch, row, &id, &code, error);
            if (failed)
                return failed;
            if (code != join->rows_a)
                return twice(joining, batch, row, &id, error);
        }
        for (size_t k = 0; k < join->count_a; k++) {
            int failed = keep_cell(joining, &batch->columns[k].texts[row], error);
            if (failed)
                return failed;
        }
        join->rows_a++;
    }
    return 0;
}

bool reach_flags(unsigned char **flags, size_t *room, uint64_t index)
{
    if (index < *room)
        return true;
    const size_t more = (size_t)index * 2 + 1024;
    unsigned char *grown = realloc(*flags, more);
    if (!grown)
        return false;
    memset(grown + *room, 0, more - *room);
    *flags = grown;
    *room = more;
    return true;
}

static void put_where(const struct join *join, const char *key, char *where, size_t size)
{
    if (join->id)
        snprintf(where, size, "%.60s=%s", join->id, key);
    else
        snprintf(where, size, "row %s", key);
}

static int take_b(void *context, const struct mlg_batch *batch, struct mlg_error *error)
{
    enum { KEY = 64 };
    struct joining *joining = context;
    struct join *join = joining->join;
    struct mlg_text *texts_b = joining->texts + join->count_a;
    const bool is_lines = is_lines_name(join->path_b);
    for (size_t row = 0; row < batch->rows; row++) {
        uint64_t partner = join->rows_b++;
        char key[KEY + 8], where[160], room[MLG_NUMBER_SIZE];
        if (join->id) {
            uint32_t code = 0;
            const struct mlg_text id = id_of(&batch->columns[join->count_b].texts[row], is_lines, room);
            int failed = code_of(joining, batch, row, &id, &code, error);
            if (failed)
                return failed;
            if (code < joining->seen_room && joining->seen[code])
                return twice(joining, batch, row, &id, error);
            if (!reach_flags(&joining->seen, &joining->seen_room, code))
                return no_room(joining, error);
            joining->seen[code] = 1;
            partner = code;
            snprintf(key, sizeof key, "%.*s%s", (int)(id.size < KEY ? id.size : KEY), id.bytes,
                     id.size < KEY ? "" : "...");
        } else {
            snprintf(key, sizeof key, "%llu", (unsigned long long)join->rows_b);
        }
        put_where(join, key, where, sizeof where);
        if (partner >= join->rows_a) {
            if (!join->first_only_b[0])
                memcpy(join->first_only_b, where, sizeof where);
            continue;
        }
        join->matched++;
        for (size_t k = 0; k < join->count_a; k++)
            joining->texts[k] = cell_of(&joining->cells, partner * join->count_a + k);
        for (size_t k = 0; k < join->count_b; k++)
            texts_b[k] = batch->columns[k].texts[row];
        int failed = join->row(join->self, joining->texts, texts_b, where, key, error);
        if (failed)
            return failed;
    }
    return 0;
}

static int open_table(const struct mlg_world *world, const char *path, const struct mlg_reader_options *given,
                      struct mlg_arena *arena, struct mlg_reader **reader, struct mlg_error *error)
{
    struct mlg_reader_options options = {.decimal = '.'};
    if (given)
        options = *given;
    options.path = path;
    return mlg_reader_open(world, arena, &options, reader, error);
}

int table_columns(const struct mlg_world *world, const char *path, const struct mlg_reader_options *given,
                  struct mlg_arena *arena, const char *const **names, size_t *count, struct mlg_error *error)
{
    struct mlg_reader *reader = NULL;
    int code = open_table(world, path, given, arena, &reader, error);
    if (code)
        return code;
    *count = mlg_reader_columns(reader, names);
    if (!mlg_reader_is_file(reader))
        code =
            mlg_error_set(error, MLG_WORLD, "'%s' is read more than once, so that it must be a file", path);
    mlg_reader_close(reader);
    return code;
}

bool is_flat_table(const struct mlg_world *world, const char *path, const char *column)
{
    struct mlg_arena arena;
    struct mlg_reader *reader = NULL;
    const char *const *names;
    mlg_arena_init(&arena, 0);
    const bool is_table = open_table(world, path, NULL, &arena, &reader, NULL) == 0;
    const size_t count = is_table ? mlg_reader_columns(reader, &names) : 0;
    const bool is_flat = count > 0 && mlg_text_is_among(column, names, count) && !mlg_reader_nested(reader);
    if (is_table)
        mlg_reader_close(reader);
    mlg_arena_free(&arena);
    return is_flat;
}

static int read_table(struct joining *joining, const struct mlg_world *world, const char *path,
                      const char *const *columns, size_t count, mlg_batch_sink sink, struct mlg_error *error)
{
    struct mlg_arena arena;
    struct mlg_reader *reader = NULL;
    struct mlg_read_summary summary;
    const char *id = joining->join->id;
    mlg_arena_init(&arena, 0);
    struct mlg_column_request *requests = MLG_NEW_ARRAY(&arena, struct mlg_column_request, count + 1);
    int code = requests ? open_table(world, path, joining->join->reader, &arena, &reader, error)
                        : no_room(joining, error);
    if (!code) {
        for (size_t i = 0; i < count + (id != NULL); i++)
            requests[i] = (struct mlg_column_request){.name = i < count ? columns[i] : id,
                                                      .decode = MLG_DECODE_TEXT,
                                                      .on_missing = MLG_ON_MISSING_KEEP,
                                                      .in_quotes = i == count || joining->join->typed,
                                                      .role = i < count ? NULL : "id"};
        void *const contexts[] = {joining};
        struct mlg_dictionary *const *const none[] = {NULL};
        code = mlg_reader_read(reader, requests, count + (id != NULL), 1, sink, contexts, none, 0, &summary,
                               error);
        mlg_reader_close(reader);
    }
    if (code && error && error->place.file)
        error->place.file = path; /* it may be the path as the arena has it */
    mlg_arena_free(&arena);
    return code;
}

static void find_only_a(struct joining *joining)
{
    struct join *join = joining->join;
    for (uint64_t row = join->id ? 0 : join->rows_b; row < join->rows_a; row++) {
        if (join->id && row < joining->seen_room && joining->seen[row])
            continue;
        char key[80];
        if (join->id)
            snprintf(key, sizeof key, "%.64s", mlg_dictionary_text(joining->ids, (uint32_t)row, NULL));
        else
            snprintf(key, sizeof key, "%llu", (unsigned long long)row + 1);
        put_where(join, key, join->first_only_a, sizeof join->first_only_a);
        return;
    }
}

int join_tables(struct join *join, struct mlg_error *error)
{
    enum { MOST_IDS = 1 << 30 };
    struct joining joining = {.join = join, .error = error};
    joining.texts = calloc(join->count_a + join->count_b + 1, sizeof *joining.texts);
    joining.ids = join->id ? mlg_dictionary_new(MOST_IDS) : NULL;
    int code = joining.texts && (joining.ids || !join->id) ? 0 : no_room(&joining, error);
    if (!code)
        code =
            read_table(&joining, join->world_a, join->path_a, join->columns_a, join->count_a, take_a, error);
    if (!code)
        code =
            read_table(&joining, join->world_b, join->path_b, join->columns_b, join->count_b, take_b, error);
    if (!code)
        find_only_a(&joining);
    if (joining.ids)
        mlg_dictionary_free(joining.ids);
    free(joining.seen);
    free(joining.texts);
    free(joining.cells.text);
    free(joining.cells.ends);
    return code;
}
