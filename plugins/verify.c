/* verify.c: runs of a manifest made again, one of each seed, and held against it. */
#include <string.h>

#include "mlgate/compare.h"
#include "mlgate/manifest.h"
#include "plugins.h"

static int read_manifest(struct mlg_session *session, struct mlg_manifest *manifest, struct mlg_error *error)
{
    const char *path = session->own.verify;
    struct mlg_diagnostics list;
    size_t size;
    const char *bytes =
        mlg_world_read_file(session->world, path, MLG_YAML_SIZE, &session->arena, &size, error);
    if (!bytes)
        return MLG_WORLD;
    size_t blank = 0;
    while (blank < size && strchr(" \t\r\n", bytes[blank]))
        blank++;
    if (blank >= size || bytes[blank] != '{')
        return mlg_error_at(error, MLG_DATA, (struct mlg_place){.file = path},
                            "this is no manifest: %s; one is a JSON object, as 'manifest' of the gate repro "
                            "writes it",
                            blank >= size ? "the file is empty" : "it does not begin with '{'");
    mlg_diagnostics_init(&list, &session->arena);
    const struct mlg_node *root = mlg_yaml_parse(path, bytes, size, &session->arena, &list);
    if (!root || list.errors > 0)
        return mlg_error_at(error, MLG_DATA,
                            list.count ? list.items[0].place : (struct mlg_place){.file = path},
                            "this is no manifest: %s", list.count ? list.items[0].text : "it is empty");
    return mlg_manifest_read(session->world, root, &session->arena, manifest, error);
}

/* "the input 'train.py' has another content": told before anything is run. */
static bool tell_inputs(const struct mlg_manifest *then, const struct mlg_manifest *now,
                        struct mlg_arena *arena, struct mlg_builder *out)
{
    bool same = true;
    for (size_t i = 0; i < then->inputs.count; i++) {
        if (strcmp(then->inputs.items[i].sha256, now->inputs.items[i].sha256) == 0)
            continue;
        same = false;
        mlg_put(out, "the input '");
        mlg_put_plain(out, then->inputs.items[i].path);
        mlg_put_format(out, "' has another content: SHA-256 %s, and was %s\n", now->inputs.items[i].sha256,
                       then->inputs.items[i].sha256);
        const char *files = mlg_manifest_changed_files(&then->inputs.items[i], &now->inputs.items[i], arena);
        out->failed |= !files;
        if (files && *files) {
            mlg_put(out, "  ");
            mlg_put_plain(out, files);
            mlg_put(out, "\n");
        }
    }
    if (!same)
        mlg_put(out, "different inputs: nothing was run\n");
    return same;
}

/* What the gate takes as the same. */
static struct mlg_compare_options options_of(const struct mlg_manifest *then)
{
    return (struct mlg_compare_options){.absolute = then->tolerance,
                                        .relative = then->relative,
                                        .ignore = then->ignore.items,
                                        .ignore_count = then->ignore.count};
}

static bool is_lenient(const struct mlg_manifest *then)
{
    return then->tolerance > 0 || then->relative > 0 || then->ignore.count > 0;
}

/* Is it of the same bytes, or else does it mean the same, without what the gate ignores? Values of a model
 * that lie beside it are in the digest of its meaning alone. */
static bool is_same(const struct mlg_session *session, const struct mlg_manifest *then,
                    const struct mlg_rerun_file *before, struct mlg_rerun_file *after)
{
    const struct mlg_compare_options options = options_of(then);
    struct mlg_error ignored = {0};
    struct mlg_arena scratch;
    const char *const *beside;
    size_t count;
    mlg_arena_init(&scratch, 0);
    const bool is_all =
        strcmp(before->sha256, before->meaning) == 0 ||
        (mlg_compare_data_files(session->world, after->path, &scratch, &beside, &count, &ignored) == MLG_OK &&
         count == 0);
    mlg_arena_free(&scratch);
    return (is_all && strcmp(before->sha256, after->sha256) == 0) ||
           (mlg_compare_digest(session->world, after->path, &options, after->meaning, &ignored) == MLG_OK &&
            strcmp(before->meaning, after->meaning) == 0);
}

/* The same within the gate's tolerance, and without what a digest cannot leave out? */
static bool is_close(struct mlg_session *session, const struct mlg_manifest *then,
                     const struct mlg_rerun_file *before, const struct mlg_rerun_file *after)
{
    const struct mlg_compare_options options = options_of(then);
    struct mlg_comparison comparison;
    struct mlg_error ignored = {0};
    return is_lenient(then) &&
           mlg_compare_files(session->world, after->path, before->path, &options, &session->arena,
                             &comparison, &ignored) == MLG_OK &&
           comparison.same;
}

enum repeated { REPEATED_SAME, REPEATED_CLOSE, REPEATED_OTHERWISE };

/* Does a second run of its seed write what this one did? *problem: there is none. */
static enum repeated repeat(struct mlg_session *session, const struct mlg_manifest *then,
                            const struct mlg_rerun_run *first, struct mlg_rerun *rerun,
                            struct mlg_error *problem)
{
    const struct mlg_compare_options options = options_of(then);
    struct mlg_rerun_run *second = NULL;
    struct mlg_error ignored = {0};
    enum repeated found = REPEATED_SAME;
    if (mlg_rerun_run(rerun, 0, first->seed, &second, problem) != MLG_OK)
        return REPEATED_OTHERWISE;
    for (size_t i = 0; found != REPEATED_OTHERWISE && i < then->order->outputs.count; i++) {
        struct mlg_rerun_file *before = &first->outputs[i], *after = &second->outputs[i];
        if (!before->meaning[0])
            mlg_compare_digest(session->world, before->path, &options, before->meaning, &ignored);
        if (!is_same(session, then, before, after))
            found = is_close(session, then, before, after) ? REPEATED_CLOSE : REPEATED_OTHERWISE;
    }
    return found;
}

/* How many outputs of a run differ from those of the same seed then. */
static size_t tell_outputs(const struct mlg_session *session, const struct mlg_manifest *then,
                           const struct mlg_rerun_run *was, struct mlg_rerun_run *run,
                           struct mlg_builder *out)
{
    size_t different = 0;
    for (size_t i = 0; i < then->order->outputs.count; i++) {
        const struct mlg_rerun_file *before = &was->outputs[i];
        struct mlg_rerun_file *after = &run->outputs[i];
        const bool same_bytes = strcmp(before->sha256, after->sha256) == 0;
        const bool same = is_same(session, then, before, after);
        different += !same;
        mlg_put(out, same ? "same       " : "different  ");
        mlg_put_plain(out, then->order->outputs.items[i]);
        if (then->run_count > 1) {
            mlg_put(out, ", seed ");
            mlg_put_plain(out, run->seed ? run->seed : "none");
        }
        mlg_put_format(out, "  SHA-256 %s", after->sha256);
        if (!same_bytes)
            mlg_put_format(out, ", and was %s", before->sha256);
        if (same != same_bytes)
            mlg_put(out, !same ? "; what lies beside it is not the same"
                         : then->ignore.count > 0
                             ? "; what it holds is the same, without what the gate ignores"
                             : "; what it holds is the same");
        mlg_put(out, "\n");
    }
    return different;
}

/* "seeds 4 and 5 were not run again": there is nothing to hold a run that varies nothing against. */
static void tell_varied_seeds(const struct mlg_manifest *then, struct mlg_builder *out)
{
    const struct mlg_texts *seeds = &then->varied_seeds;
    for (size_t i = 0; i < seeds->count; i++) {
        mlg_put(out, i == 0                  ? seeds->count == 1 ? "seed " : "seeds "
                     : i + 1 == seeds->count ? " and "
                                             : ", ");
        mlg_put_plain(out, seeds->items[i]);
    }
    if (seeds->count > 0)
        mlg_put_format(out, " %s not run again: the manifest has no run of %s that varied nothing\n",
                       seeds->count == 1 ? "was" : "were", seeds->count == 1 ? "it" : "them");
}

/* Where the new output is to be kept, of several seeds in a directory of its own; NULL: no memory. */
static const char *kept_path(struct mlg_session *session, const struct mlg_manifest *then,
                             const struct mlg_rerun_run *was, const char *output)
{
    struct mlg_arena *arena = &session->arena;
    const char *directory = then->run_count == 1 ? session->own.keep
                            : was->seed && !strchr(was->seed, '/')
                                ? mlg_arena_format(arena, "%s/seed-%s", session->own.keep, was->seed)
                                : mlg_arena_format(arena, "%s/run-%u", session->own.keep, was->number);
    return directory ? mlg_arena_format(arena, "%s/%s", directory, output) : NULL;
}

/* A run may take hours: before it, nothing may lie where its outputs are to be kept. */
static int check_keep(struct mlg_session *session, const struct mlg_manifest *then,
                      const struct mlg_rerun_run *was, struct mlg_error *error)
{
    const struct mlg_world *world = session->world;
    const struct mlg_texts *outputs = &then->order->outputs;
    for (size_t i = 0; session->own.keep && i < outputs->count; i++) {
        struct mlg_entry entry = {0};
        const char *path = kept_path(session, then, was, outputs->items[i]);
        const int code = path ? world->runner->look(world->self, path, &entry, error)
                              : mlg_error_set(error, MLG_LIMIT, "no memory for a path");
        if (code != MLG_OK)
            return code;
        if (entry.kind != MLG_ENTRY_MISSING)
            return mlg_error_set(
                error, MLG_WORLD,
                "'%s' is there already; --keep takes a directory where nothing is overwritten", path);
    }
    return MLG_OK;
}

static int keep_outputs(struct mlg_session *session, const struct mlg_manifest *then,
                        const struct mlg_rerun_run *was, const struct mlg_rerun_run *run,
                        struct mlg_error *error)
{
    const struct mlg_world *world = session->world;
    const struct mlg_texts *outputs = &then->order->outputs;
    int code = MLG_OK;
    for (size_t i = 0; code == MLG_OK && session->own.keep && i < outputs->count; i++) {
        const char *path = kept_path(session, then, was, outputs->items[i]);
        code =
            path ? world->runner->place(world->self, run->outputs[i].path, path, MLG_PLACE_COPY, false, error)
                 : mlg_error_set(error, MLG_LIMIT, "no memory for a path");
    }
    return code;
}

static const char *find_unknown_packages(const struct mlg_manifest *then, const struct mlg_manifest *now,
                                         struct mlg_arena *arena)
{
    const char *problem = !then->program.has_packages  ? then->program.packages_problem
                          : !now->program.has_packages ? now->program.packages_problem
                                                       : NULL;
    return problem ? mlg_arena_format(arena, "installed packages (%s)", problem) : NULL;
}

/* Why it cannot be said of the code; NULL: it can. */
static const char *find_unknown_code(const struct mlg_manifest *then, const struct mlg_manifest *now)
{
    const struct mlg_manifest_facts *before = &then->facts, *after = &now->facts;
    return !before->commit                                 ? "the manifest has no commit"
           : !after->commit                                ? "there is no commit now"
           : before->dirty_problem || after->dirty_problem ? "whether it was as committed is not known"
           : before->dirty                                 ? "it had changes that were not committed"
                                                           : NULL;
}

/* What nobody can say whether it is as it was; NULL: nothing. That the code is another is told by itself. */
static const char *find_unknown(const struct mlg_manifest *then, const struct mlg_manifest *now,
                                bool is_code_told, struct mlg_arena *arena)
{
    const char *code = is_code_told ? NULL : find_unknown_code(then, now);
    const char *inputs = then->order->inputs.count == 0 ? "what it reads ('inputs' lists nothing)" : NULL;
    const char *packages = find_unknown_packages(then, now, arena);
    const char *text =
        code ? mlg_arena_format(arena, "%s%sits code (%s)", inputs ? inputs : "", inputs ? " and " : "", code)
             : inputs;
    return text && packages ? mlg_arena_format(arena, "%s, and %s", text, packages) : text ? text : packages;
}

/* The last `weak` ones are told with what it takes that they matter. */
static void tell_causes(const struct mlg_texts *causes, size_t weak, struct mlg_builder *out)
{
    for (size_t i = 0; i < causes->count; i++) {
        mlg_put(out, i + weak >= causes->count
                         ? "or, where it reads .git or code that 'inputs' does not list: "
                     : i == 0 ? "likely cause: "
                              : "or: ");
        mlg_put_plain(out, causes->items[i]);
        mlg_put(out, "\n");
    }
}

/* Nothing that is known to matter has changed, and the output of the run `differs` has: a second one tells
 * chance from what the manifest does not know. Another commit of the code may be in `weak`. */
static void tell_no_cause(struct mlg_session *session, const struct mlg_manifest *then,
                          const struct mlg_manifest *now, const struct mlg_rerun_run *differs,
                          const struct mlg_texts *weak, struct mlg_rerun *rerun, struct mlg_builder *out)
{
    const bool has_inputs = then->order->inputs.count > 0,
               has_own_copies = has_inputs && !then->order->workdir;
    const bool is_code_told = weak->count > 0;
    const char *unknown = find_unknown(then, now, is_code_told, &session->arena);
    const bool are_packages_known = then->program.has_packages && now->program.has_packages;
    const bool is_code_known = !is_code_told && !find_unknown_code(then, now);
    const char *path = has_own_copies ? "" : ", or the path of the directory that it runs in";
    const char *left = has_own_copies ? "" : ", or what the run before left there";
    const char *elsewhere = has_inputs
                                ? "a file that it reads and 'inputs' does not list, a service or the date"
                                : "what it reads ('inputs' lists nothing), a service or the date";
    const char *second = then->run_count > 1 && differs->seed
                             ? mlg_arena_format(&session->arena, "a second run with seed %s", differs->seed)
                             : "a second run";
    struct mlg_error problem = {0};
    const enum repeated found = repeat(session, then, differs, rerun, &problem);
    out->failed |= !second;
    second = second ? second : "";
    if (problem.text[0]) {
        mlg_put_format(out, "cause: not known; chance in the command itself, %s%s; ", elsewhere, path);
        mlg_put_plain(out, second);
        mlg_put(out, ", which would tell, has failed: ");
        mlg_put_plain(out, problem.text);
    } else if (found == REPEATED_CLOSE) {
        mlg_put(out, "likely cause: what differs from run to run and the gate takes as the same, by 'ignore' "
                     "and 'tolerance'; ");
        mlg_put_plain(out, second);
        mlg_put(out, " wrote something else again, and the same to the gate");
    } else if (found == REPEATED_SAME) {
        mlg_put_format(out, "likely cause: %s%s; it is hardly chance, since ", elsewhere, path);
        mlg_put_plain(out, second);
        mlg_put(out, " wrote the same as this one");
    } else {
        mlg_put_format(out, "likely cause: chance in the command itself%s; ", left);
        mlg_put_plain(out, second);
        mlg_put(out, " wrote something else again");
    }
    mlg_put(out, "\n");
    tell_causes(weak, weak->count, out);
    mlg_put_format(out, "%s%s%senvironment and machine are those of the manifest\n",
                   has_inputs ? "inputs, " : "", is_code_known ? "code, " : "",
                   are_packages_known ? "installed packages, " : "");
    if (!unknown)
        return;
    mlg_put(out, "not known to be as it was: ");
    mlg_put_plain(out, unknown);
    mlg_put(out, "\n");
}

/* How what was written then can be held against what is written now. */
static void tell_remedy(const struct mlg_session *session, const struct mlg_manifest *then,
                        struct mlg_builder *out)
{
    if (!is_lenient(then)) {
        if (!session->own.keep)
            mlg_put(out, "--keep DIR keeps what the run wrote, for 'mlgate diff' with what it wrote then\n");
        return;
    }
    mlg_put(out, "digests know no tolerance, and leave out no parts of PyTorch and ONNX files; ");
    mlg_put(out, session->own.keep ? "as the gate does what is kept is compared with what it wrote then by: "
                                   : "--keep DIR keeps what the run wrote, which is compared with what it "
                                     "wrote then, as the gate does, by: ");
    mlg_put(out, "mlgate diff");
    if (then->tolerance > 0) {
        mlg_put(out, " --tolerance ");
        mlg_put_number(out, then->tolerance);
    }
    if (then->relative > 0) {
        mlg_put(out, " --relative ");
        mlg_put_number(out, then->relative);
    }
    for (size_t i = 0; i < then->ignore.count; i++) {
        mlg_put(out, " --ignore '");
        mlg_put_plain(out, then->ignore.items[i]);
        mlg_put(out, "'");
    }
    mlg_put(out, " OLD NEW\n");
}

/* One run of each seed; *differs: the first whose outputs are not those of then. */
static int make_runs(struct mlg_session *session, const struct mlg_manifest *then, struct mlg_rerun *rerun,
                     struct mlg_manifest *now, const struct mlg_rerun_run **differs, struct mlg_builder *out,
                     struct mlg_error *error)
{
    now->runs = MLG_NEW_ARRAY(&session->arena, struct mlg_rerun_run *, then->run_count);
    int code = now->runs ? MLG_OK : mlg_error_set(error, MLG_LIMIT, "no memory for the runs");
    for (size_t r = 0; code == MLG_OK && r < then->run_count; r++)
        code = check_keep(session, then, then->runs[r], error);
    for (size_t r = 0; code == MLG_OK && r < then->run_count; r++) {
        const struct mlg_rerun_run *was = then->runs[r];
        struct mlg_rerun_run *run = NULL;
        code = mlg_rerun_run(rerun, 0, was->seed, &run, error);
        for (size_t i = 0; code != MLG_OK && run && i < run->printed_count; i++)
            mlg_complain(session, "| %s", run->printed[i]);
        if (code != MLG_OK && then->run_count > 1 && was->seed) {
            const struct mlg_error told = *error;
            mlg_error_set(error, told.code, "with seed %s: %s", was->seed, told.text);
        }
        if (code != MLG_OK && run)
            now->runs[now->run_count++] = run;
        if (code == MLG_OK)
            code = keep_outputs(session, then, was, run, error);
        if (code != MLG_OK)
            return code;
        now->runs[now->run_count++] = run;
        if (tell_outputs(session, then, was, run, out) > 0 && !*differs)
            *differs = run;
    }
    return code;
}

/* Makes the runs and compares; the exit code, or an error told in *error with MLG_EXIT_ERROR. */
static int verify(struct mlg_session *session, const struct mlg_manifest *then, struct mlg_rerun *rerun,
                  struct mlg_builder *out, struct mlg_error *error)
{
    struct mlg_manifest now;
    const struct mlg_rerun_run *differs = NULL;
    size_t weak;
    if (mlg_manifest_make(session->world, rerun, &session->arena, &now, error) != MLG_OK)
        return MLG_EXIT_ERROR;
    if (!tell_inputs(then, &now, &session->arena, out))
        return MLG_EXIT_FAIL;
    if (make_runs(session, then, rerun, &now, &differs, out, error) != MLG_OK) {
        const bool has_failed = now.run_count > 0 && now.runs[now.run_count - 1]->has_failed;
        const struct mlg_texts *why =
            has_failed ? mlg_manifest_differences(then, &now, &weak, &session->arena) : NULL;
        if (why && why->count > weak)
            tell_causes(why, weak, out);
        return MLG_EXIT_ERROR;
    }
    tell_varied_seeds(then, out);
    if (!differs)
        return MLG_EXIT_PASS;
    const struct mlg_texts *causes = mlg_manifest_differences(then, &now, &weak, &session->arena);
    if (!causes) {
        mlg_error_set(error, MLG_LIMIT, "no memory to compare the manifest");
        return MLG_EXIT_ERROR;
    }
    if (causes->count > weak)
        tell_causes(causes, weak, out);
    else
        tell_no_cause(session, then, &now, differs, causes, rerun, out);
    tell_remedy(session, then, out);
    return MLG_EXIT_FAIL;
}

/* What mlgate wrote below the inputs, and the manifest itself, are none of them. */
static bool add_written(struct mlg_session *session, const struct mlg_manifest *then,
                        struct mlg_rerun_order *order)
{
    const char **items = MLG_NEW_ARRAY(&session->arena, const char *, then->left_out.count + 1);
    if (!items)
        return false;
    order->written.items = items;
    for (size_t i = 0; i < then->left_out.count; i++) {
        const char *path = then->left_out.items[i];
        items[i] = path[0] == '/' ? path : mlg_arena_format(&session->arena, "%s/%s", order->base, path);
        if (!items[order->written.count++])
            return false;
    }
    items[order->written.count++] = session->own.verify;
    return true;
}

int mlg_command_repro(struct mlg_session *session)
{
    struct mlg_manifest then = {0};
    struct mlg_rerun *rerun = NULL;
    struct mlg_error error = {0};
    struct mlg_builder out;
    if (!session->own.verify)
        return mlg_complain(session,
                            "no manifest is given; write mlgate repro --verify manifest.json (the gate "
                            "repro is judged by 'mlgate run' and 'mlgate-repro')");
    if (read_manifest(session, &then, &error) != MLG_OK || !then.order)
        return mlg_complain_of(session, &error);
    struct mlg_rerun_order order = *then.order;
    order.base = session->own.directory;
    order.name = "repro";
    order.wanted = then.run_count;
    order.root = then.root;
    if (!add_written(session, &then, &order))
        return mlg_complain(session, "no memory to read the manifest");
    int code = mlg_rerun_begin(session->world, &order, &session->arena, &rerun, &error);
    mlg_builder_init(&out, 0);
    const bool is_elsewhere = code == MLG_WORLD && order.inputs.count > 0;
    code = code == MLG_OK ? verify(session, &then, rerun, &out, &error) : MLG_EXIT_ERROR;
    mlg_rerun_end(rerun);
    if (is_elsewhere)
        return mlg_complain(session, "%s; --directory says where the inputs lie, if not in '%s'", error.text,
                            order.base);
    if (mlg_finish_output(session, &out) != MLG_EXIT_PASS)
        return MLG_EXIT_ERROR;
    return code == MLG_EXIT_ERROR ? mlg_complain_of(session, &error) : code;
}
