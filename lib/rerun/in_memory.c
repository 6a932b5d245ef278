/* in_memory.c: directories of inputs that lie in memory, for runs that vary file_order where the disk of the
 * runs lists files in an order of its own, as ext4 does: by hashes of their names.
 *
 * All of a run stays on that disk but the directories, in its own one, that hold inputs. For a run that is
 * varied these are made in memory and laid over those of the disk in the namespace of the command, so that
 * each lists the opposite of what the disk does. Beside the order only numbers of device and inode differ,
 * and the size of a block; and nothing can be renamed or linked from there to elsewhere. {output}, HOME,
 * TMPDIR and what a command writes to the directory in which it starts lie where they always do, so memory is
 * taken for inputs alone. Files that lie in the directory of the run itself keep their order.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "mlgate/text.h"
#include "rerun_private.h"

static size_t first_part(const char *path)
{
    return strcspn(path, "/");
}

/* "./data//a" without what stands for the directory itself at its beginning. */
static const char *without_dots(const char *path)
{
    for (;;) {
        if (path[0] == '/')
            path++;
        else if (path[0] == '.' && path[1] == '/')
            path += 2;
        else
            return path;
    }
}

/* Do links lead from below `name` elsewhere in the directory, or from there to it? What they lead to would
 * lie on another disk than they do. */
static bool has_links_across(const struct mlg_input *input, const char *name)
{
    const size_t size = strlen(name);
    for (size_t i = 0; i < input->count; i++) {
        const struct mlg_input_file *file = &input->files[i];
        const bool leads_there =
            file->target && first_part(file->target) == size && mlg_path_is_below(file->target, name);
        if (file->target && leads_there != mlg_path_is_below(file->path, name))
            return true;
    }
    return false;
}

/* Of what is to lie in memory. */
struct choice {
    struct mlg_rerun *rerun;
    uint64_t bytes;
    bool has_memory;
    bool is_whole; /* of no directory the order stays */
};

static void add(struct choice *choice, const char *name)
{
    struct mlg_texts *names = &choice->rerun->in_memory_names;
    size_t capacity = names->count;
    if (name && mlg_text_is_among(name, names->items, names->count))
        return;
    const char **items =
        name ? mlg_arena_grow(choice->rerun->arena, names->items, &capacity, names->count + 1, sizeof *items)
             : NULL;
    choice->has_memory = choice->has_memory && items;
    if (!items)
        return;
    names->items = items;
    items[names->count++] = name;
}

/* What an entry takes at most. */
static uint64_t bytes_of(const struct mlg_input_file *file)
{
    enum { PAGE = 4096 };
    return (uint64_t)file->seen.size + PAGE;
}

/* The directories in an input that is all of the directory. */
static void choose_all(struct choice *choice, const struct mlg_input *input)
{
    for (size_t i = 0; i < input->count && choice->has_memory; i++) {
        const struct mlg_input_file *file = &input->files[i];
        if (file->seen.kind != MLG_ENTRY_DIRECTORY || strchr(file->path, '/'))
            continue;
        if (has_links_across(input, file->path)) { /* its order would stay, and nobody be told */
            choice->is_whole = false;
            return;
        }
        add(choice, file->path);
        for (size_t k = 0; k < input->count; k++)
            if (mlg_path_is_below(input->files[k].path, file->path))
                choice->bytes += bytes_of(&input->files[k]);
    }
}

static void choose_one(struct choice *choice, const char *name, const struct mlg_input *input)
{
    const char *plain = without_dots(name);
    const size_t first = first_part(plain);
    const bool is_file = input->count == 1 && !input->files[0].path[0];
    if (name[0] == '/' || strstr(plain, "..") || (is_file && !plain[first]))
        return;
    add(choice, mlg_arena_copy(choice->rerun->arena, plain, first));
    for (size_t i = 0; i < input->count; i++)
        choice->bytes += bytes_of(&input->files[i]);
}

/* Where one is all of the directory, it holds the others. */
static void choose(struct choice *choice)
{
    const struct mlg_rerun *rerun = choice->rerun;
    const struct mlg_texts *inputs = &rerun->order->inputs;
    for (size_t i = 0; i < inputs->count; i++)
        if (mlg_input_is_all(inputs->items[i])) {
            choose_all(choice, &rerun->inputs[i]);
            return;
        }
    for (size_t i = 0; i < inputs->count && choice->has_memory; i++)
        choose_one(choice, inputs->items[i], &rerun->inputs[i]);
}

/* Makes the place in memory, and tries whether a command finds it in the place of another. */
static int make_place(struct mlg_rerun *rerun, bool *can, struct mlg_error *error)
{
    const struct mlg_runner *runner = rerun->runner;
    void *self = rerun->world->self;
    struct mlg_error ignored;
    const char *why = NULL;
    rerun->in_memory = runner->make_directory(self, rerun->means.in_memory, NULL, rerun->arena, &ignored);
    if (!rerun->in_memory)
        return MLG_OK;
    if (runner->guard)
        rerun->memory_guard = runner->guard(self, rerun->in_memory, rerun->arena);
    const char *at = runner->make_directory(self, rerun->root, "laid", rerun->arena, error);
    if (!at)
        return error ? (int)error->code : MLG_WORLD;
    const struct mlg_laid laid = {rerun->in_memory, at};
    const struct mlg_command_order order = {.laid = &laid, .laid_count = 1};
    const int code = mlg_rerun_try(rerun, &order, can, &why, error);
    return code == MLG_OK ? runner->remove_directory(self, at, error) : code;
}

/* ---- what keeps its order --------------------------------------------------------------------------------
 */

struct listing {
    struct mlg_arena *arena;
    const char *names; /* of the first */
    size_t count;
};

static void note(struct listing *listing, const char *name)
{
    enum { MOST_TOLD = 3 };
    if (listing->count < MOST_TOLD)
        listing->names = mlg_arena_format(listing->arena, "%s%s'%s'", listing->count ? listing->names : "",
                                          listing->count ? ", " : "", name);
    else if (listing->count == MOST_TOLD)
        listing->names = mlg_arena_format(listing->arena, "%s, ...", listing->names);
    listing->count++;
}

/* Does a directory of it hold more than one thing? Else each lies in the one before. */
static bool has_order(const struct mlg_input *input)
{
    for (size_t i = 1; i < input->count; i++)
        if (input->files[i - 1].path[0] && !mlg_path_is_below(input->files[i].path, input->files[i - 1].path))
            return true;
    return false;
}

struct orders {
    struct listing absolute; /* directories that are read where they lie */
    struct listing files;    /* what lies in the directory of the run itself */
    bool can_change;         /* of copies */
};

static struct orders find_orders(const struct mlg_rerun *rerun)
{
    const struct mlg_texts *inputs = &rerun->order->inputs;
    struct orders orders = {.absolute = {.arena = rerun->arena}, .files = {.arena = rerun->arena}};
    size_t copies = 0;
    for (size_t i = 0; i < inputs->count; i++) {
        const struct mlg_input *input = &rerun->inputs[i];
        const char *plain = without_dots(inputs->items[i]);
        const bool is_all = mlg_input_is_all(inputs->items[i]);
        if (inputs->items[i][0] == '/') {
            if (has_order(input))
                note(&orders.absolute, inputs->items[i]);
            continue;
        }
        copies++;
        orders.can_change = orders.can_change || copies > 1 || has_order(input);
        for (size_t k = 0; k < input->count; k++) {
            const struct mlg_input_file *file = &input->files[k];
            const char *name = is_all ? file->path : plain;
            if (file->seen.kind == MLG_ENTRY_FILE && (is_all || !file->path[0]) && name[0] &&
                !name[first_part(name)])
                note(&orders.files, name);
        }
    }
    return orders;
}

/* What is left out where it can be varied. */
static int tell_unordered(struct mlg_rerun *rerun, const struct orders *orders, struct mlg_error *error)
{
    const bool has_files = rerun->in_memory && orders->files.count > 1,
               has_absolute = orders->absolute.count > 0;
    const char *files = "", *absolute = "";
    if (has_files)
        files = mlg_arena_format(rerun->arena,
                                 "the %zu files that lie in no directory of 'inputs' (%s; TMPDIR=/dev/shm "
                                 "changes theirs)",
                                 orders->files.count, orders->files.names ? orders->files.names : "");
    if (has_absolute)
        absolute = mlg_arena_format(rerun->arena, "%s%s, read where %s", has_files ? " and " : "",
                                    orders->absolute.names ? orders->absolute.names : "",
                                    orders->absolute.count == 1 ? "it lies" : "they lie");
    if (!has_files && !has_absolute)
        return MLG_OK;
    rerun->unordered = files && absolute ? mlg_arena_format(rerun->arena, "%s%s", files, absolute) : NULL;
    return rerun->unordered ? MLG_OK : mlg_rerun_no_memory(error);
}

static bool lists_nothing(const struct mlg_rerun *rerun)
{
    size_t files = 0;
    for (size_t i = 0; i < rerun->order->inputs.count; i++)
        files += rerun->inputs[i].count == 1 && !rerun->inputs[i].files[0].path[0] &&
                 !strchr(rerun->order->inputs.items[i], '/');
    return rerun->is_fresh && files == rerun->order->inputs.count;
}

/* ---- whether it can be done -------------------------------------------------------------------------------
 */

/* Takes a place in memory for what lies in directories, where the disk does not do. */
static int find_place(struct mlg_rerun *rerun, struct mlg_error *error)
{
    const unsigned at_once = rerun->order->parallel > 1 ? rerun->order->parallel : 1;
    struct choice choice = {.rerun = rerun, .has_memory = true, .is_whole = true};
    bool can = false;
    if (rerun->means.has_file_order || !rerun->means.in_memory)
        return MLG_OK;
    choose(&choice);
    if (!choice.has_memory)
        return mlg_rerun_no_memory(error);
    if (!choice.is_whole || rerun->in_memory_names.count == 0)
        return MLG_OK;
    if (choice.bytes > rerun->means.in_memory_room / at_once) {
        rerun->means.file_order_problem =
            "the file system of the runs lists files in an order of its own, and 'inputs' are larger than "
            "what "
            "is taken of /dev/shm; where TMPDIR names a directory in memory that has room for them it can be "
            "done";
        return MLG_OK;
    }
    const int code = make_place(rerun, &can, error);
    rerun->means.has_file_order = can;
    return code;
}

int mlg_rerun_find_memory(struct mlg_rerun *rerun, struct mlg_error *error)
{
    if (!(rerun->order->vary & mlg_variation_of("file_order")))
        return MLG_OK;
    if (!rerun->is_fresh) {
        rerun->means.file_order_problem = rerun->order->workdir
                                              ? "with 'workdir' runs have no copies of 'inputs'"
                                              : "without 'inputs' runs have no copies of what they read";
        return MLG_OK;
    }
    rerun->means.lists_nothing = lists_nothing(rerun);
    const struct orders orders = find_orders(rerun);
    if (!orders.can_change && orders.absolute.count > 0) {
        rerun->means.file_order_problem =
            mlg_arena_format(rerun->arena, "%s: what an absolute path names is read where it lies",
                             orders.absolute.names ? orders.absolute.names : "");
        return rerun->means.file_order_problem ? MLG_OK : mlg_rerun_no_memory(error);
    }
    const int code = find_place(rerun, error);
    return code == MLG_OK ? tell_unordered(rerun, &orders, error) : code;
}

static const char *place_of(const struct mlg_rerun *rerun, unsigned number)
{
    return mlg_arena_format(rerun->arena, "%s/%u", rerun->in_memory, number);
}

int mlg_rerun_lay_in_memory(const struct mlg_rerun *rerun, unsigned number, const char *directory,
                            const struct mlg_laid **out, struct mlg_error *error)
{
    const char *place = place_of(rerun, number);
    struct mlg_laid *laid = MLG_NEW_ARRAY(rerun->arena, struct mlg_laid, rerun->in_memory_names.count);
    if (!place || !laid)
        return mlg_rerun_no_memory(error);
    *out = laid;
    for (size_t i = 0; i < rerun->in_memory_names.count; i++) {
        const char *name = rerun->in_memory_names.items[i];
        laid[i] = (struct mlg_laid){mlg_arena_format(rerun->arena, "%s/%s", place, name),
                                    mlg_arena_format(rerun->arena, "%s/%s", directory, name)};
        const int code =
            laid[i].from && laid[i].at
                ? rerun->runner->place(rerun->world->self, laid[i].at, laid[i].from, MLG_PLACE_AS_LISTED,
                                       !rerun->means.in_memory_last_is_first, error)
                : mlg_rerun_no_memory(error);
        if (code != MLG_OK)
            return code;
    }
    return MLG_OK;
}

int mlg_rerun_link_to_memory(const struct mlg_rerun *rerun, const struct mlg_laid *laid,
                             struct mlg_error *error)
{
    int code = MLG_OK;
    for (size_t i = 0; code == MLG_OK && i < rerun->in_memory_names.count; i++) {
        code = rerun->runner->remove_directory(rerun->world->self, laid[i].at, error);
        if (code == MLG_OK)
            code = rerun->runner->place(rerun->world->self, laid[i].from, laid[i].at, MLG_PLACE_LINK, false,
                                        error);
    }
    return code;
}

int mlg_rerun_leave_memory(const struct mlg_rerun *rerun, unsigned number, struct mlg_error *error)
{
    const char *place = place_of(rerun, number);
    return place ? rerun->runner->remove_directory(rerun->world->self, place, error)
                 : mlg_rerun_no_memory(error);
}
