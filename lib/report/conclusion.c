/* What the console and the Markdown say of a check and of the whole, in the same words. */
#include <math.h>
#include <string.h>

#include "parts.h"

/* ---- the reason of a check ------------------------------------------------------------------------ */

void mlg_put_evidence(struct mlg_builder *out, const struct mlg_check_result *check)
{
    mlg_put_check(out, check, ", ");
    mlg_put(out, ", ");
    mlg_put_slice(out, check);
    mlg_put(out, ": ");
    size_t start = out->size;
    mlg_put_value(out, check);
    if (out->size > start)
        mlg_put(out, " ");
    mlg_put_bounds(out, check);
    if (out->size > start && out->data[out->size - 1] == ' ')
        out->size--;
    if (out->size > start)
        mlg_put(out, "; ");
    /* Of a waived one, what it would be without the waiver: that stands in front. */
    size_t before = out->size;
    enum mlg_verdict evident = check->verdict == MLG_WAIVED ? check->underlying : check->verdict;
    mlg_put_evidence_reason(out, check, evident);
    if (out->size == before)
        mlg_put(out, mlg_verdicts[evident].word);
}

static void put_sentence_break(struct mlg_builder *out)
{
    if (out->size)
        mlg_put(out, "; ");
}

void mlg_put_reason(struct mlg_builder *out, const struct mlg_gate_result *gate,
                    const struct mlg_check_result *check, bool is_reported, double usual_confidence)
{
    if (!is_reported && !check->enforce)
        mlg_put(out, "not enforced");
    /* the gate's own line has said it already */
    bool is_told = gate->error && check->reason && strcmp(gate->error, check->reason) == 0;
    struct mlg_builder why;
    mlg_builder_init(&why, 0);
    mlg_put_why(&why, check);
    if (is_told && check->verdict == MLG_VERDICT_ERROR) {
        put_sentence_break(out);
        mlg_put(out, "not judged");
    } else if (why.size) {
        put_sentence_break(out);
        mlg_put(out, why.data);
    }
    out->failed = out->failed || why.failed;
    mlg_builder_free(&why);
    if (!is_reported && check->verdict == MLG_INCONCLUSIVE && check->enforce && !check->blocks)
        mlg_put(out, "; warns only");
    if (check->decided_by && strcmp(check->decided_by, "point") == 0 && mlg_is_known(check->estimate)) {
        put_sentence_break(out);
        mlg_put(out, "estimate alone");
    } else if (check->confidence > 0 &&
               (check->confidence < usual_confidence || check->confidence > usual_confidence) &&
               (mlg_is_known(check->lower) || mlg_is_known(check->upper))) {
        put_sentence_break(out);
        mlg_put(out, "at ");
        mlg_put_percent(out, check->confidence);
        mlg_put(out, " %");
    }
    if (check->part_count) {
        put_sentence_break(out);
        mlg_put_parts(out, check);
    }
    if (check->average && mlg_is_known(check->estimate)) {
        put_sentence_break(out);
        mlg_put(out, check->average);
        mlg_put(out, " average");
    }
    if (mlg_is_known(check->constant)) {
        put_sentence_break(out);
        mlg_put(out, "best constant answer ");
        struct mlg_check_result constant = {.estimate = check->constant, .limit = check->limit};
        mlg_put_value(out, &constant);
    }
    if (check->slice_count && mlg_is_known(check->estimate)) {
        put_sentence_break(out);
        mlg_put_count(out, check->rows);
        mlg_put(out, check->rows == 1 ? " row" : " rows");
    }
}

/* ---- the confidence that most bounds have --------------------------------------------------------- */

static bool has_bounds(const struct mlg_check_result *check)
{
    return mlg_is_known(check->lower) || mlg_is_known(check->upper);
}

/* The confidence that most of them have; of equals the first. 0: none has bounds. */
static double most_common_confidence(const struct mlg_results *results, bool reported)
{
    double best = 0;
    size_t most = 0;
    enum { KINDS = 16 };
    struct {
        double confidence;
        size_t count;
    } kinds[KINDS];
    size_t used = 0;
    for (size_t g = 0; g < results->gate_count; g++) {
        const struct mlg_gate_result *gate = &results->gates[g];
        const struct mlg_check_result *checks = reported ? gate->reported : gate->checks;
        size_t count = reported ? gate->reported_count : gate->check_count;
        for (size_t i = 0, k; i < count; i++) {
            if (!has_bounds(&checks[i]))
                continue;
            for (k = 0; k < used && kinds[k].confidence != checks[i].confidence;)
                k++;
            if (k == KINDS)
                continue;
            if (k == used) {
                kinds[used].confidence = checks[i].confidence;
                kinds[used++].count = 0;
            }
            kinds[k].count++;
        }
    }
    for (size_t k = 0; k < used; k++)
        if (kinds[k].count > most) {
            most = kinds[k].count;
            best = kinds[k].confidence;
        }
    return best;
}

/* That of the checks, or where none of them has bounds, of what is reported. */
double mlg_usual_confidence(const struct mlg_results *results)
{
    double confidence = most_common_confidence(results, false);
    return confidence > 0 ? confidence : most_common_confidence(results, true);
}

static bool differs(const struct mlg_check_result *checks, size_t count, double confidence)
{
    for (size_t i = 0; i < count; i++)
        if (has_bounds(&checks[i]) &&
            (checks[i].confidence < confidence || checks[i].confidence > confidence))
            return true;
    return false;
}

static bool has_other_confidence(const struct mlg_results *results, double confidence)
{
    for (size_t g = 0; g < results->gate_count; g++)
        if (differs(results->gates[g].checks, results->gates[g].check_count, confidence) ||
            differs(results->gates[g].reported, results->gates[g].reported_count, confidence))
            return true;
    return false;
}

/* ---- the verdict of the suite --------------------------------------------------------------------- */

static void put_part(struct mlg_builder *out, uint64_t count, const char *words)
{
    if (count == 0)
        return;
    if (out->size)
        mlg_put(out, ", ");
    mlg_put_count(out, count);
    mlg_put(out, words);
}

/* Of the checks with a verdict that might block, why some do not. */
struct idle {
    uint64_t not_enforced, warning;
};

static struct idle count_idle(const struct mlg_results *results, enum mlg_verdict verdict)
{
    struct idle idle = {0, 0};
    for (size_t g = 0; g < results->gate_count; g++)
        for (size_t i = 0; i < results->gates[g].check_count; i++) {
            const struct mlg_check_result *check = &results->gates[g].checks[i];
            if (check->verdict != verdict || mlg_check_blocks(check))
                continue;
            idle.not_enforced += !check->enforce;
            idle.warning += check->enforce;
        }
    return idle;
}

/* "2 failed", "2 failed but are not enforced", "2 failed (1 not enforced)" */
static void put_blocking_part(struct mlg_builder *out, const struct mlg_results *results,
                              enum mlg_verdict verdict, const char *words)
{
    uint64_t count = results->counts[verdict];
    struct idle idle = count_idle(results, verdict);
    put_part(out, count, words);
    if (count && idle.not_enforced == count) {
        mlg_put(out, count == 1 ? " but is not enforced" : " but are not enforced");
    } else if (count && idle.warning == count) {
        mlg_put(out, count == 1 ? " but only warns" : " but only warn");
    } else if (idle.not_enforced || idle.warning) {
        struct mlg_builder apart;
        mlg_builder_init(&apart, 0);
        put_part(&apart, idle.not_enforced, " not enforced");
        put_part(&apart, idle.warning, idle.warning == 1 ? " only warns" : " only warn");
        mlg_put(out, " (");
        mlg_put(out, apart.data);
        mlg_put(out, ")");
        mlg_builder_free(&apart);
    }
}

static bool any_enforced(const struct mlg_results *results)
{
    for (size_t g = 0; g < results->gate_count; g++)
        for (size_t i = 0; i < results->gates[g].check_count; i++)
            if (results->gates[g].checks[i].enforce)
                return true;
    return false;
}

static void put_judged(struct mlg_builder *out, const struct mlg_results *results)
{
    uint64_t total = 0, errors = results->counts[MLG_VERDICT_ERROR];
    uint64_t other = results->counts[MLG_NOT_APPLICABLE], missed = errors + other;
    uint64_t not_enforced = count_idle(results, MLG_VERDICT_ERROR).not_enforced;
    for (size_t i = 0; i < MLG_VERDICT_COUNT; i++)
        total += results->counts[i];
    mlg_put(out, out->size ? ", " : "");
    if (total == 0) {
        mlg_put(out, "nothing judged");
    } else if (missed == 0) {
        mlg_put(out, total == 1 ? "the only one judged" : "all ");
        if (total > 1) {
            mlg_put_count(out, total);
            mlg_put(out, " judged");
        }
    } else {
        mlg_put_count(out, missed);
        mlg_put(out, " of ");
        mlg_put_count(out, total);
        mlg_put(out, " not judged: ");
        if (errors && other) {
            mlg_put_count(out, errors);
            mlg_put(out, " could not be measured, ");
            mlg_put_count(out, other);
            mlg_put(out, " not applicable");
        } else {
            mlg_put(out, errors ? "could not measure" : "not applicable");
        }
        if (not_enforced) {
            mlg_put(out, " (");
            if (not_enforced < errors)
                mlg_put_count(out, not_enforced);
            mlg_put(out, not_enforced < errors ? " not enforced)" : "not enforced)");
        }
    }
    /* What failed and is not enforced is told so; that it passed is no promise either. */
    if (results->counts[MLG_PASS] && !any_enforced(results))
        mlg_put(out, total == 1 ? ", not enforced" : ", none enforced");
    size_t unjudged = 0, own = 0;
    for (size_t g = 0; g < results->gate_count; g++)
        if (results->gates[g].check_count == 0)
            unjudged += results->gates[g].error != NULL;
        else
            own += mlg_gate_has_own_error(&results->gates[g]);
    put_part(out, unjudged, unjudged == 1 ? " gate not judged" : " gates not judged");
    /* All may have passed, and the suite is blocked all the same. */
    put_part(out, own, own == 1 ? " error of a gate" : " errors of gates");
    if (total)
        put_part(out, results->error_count,
                 results->error_count == 1 ? " error of the suite" : " errors of the suite");
    put_part(out, results->left_out_count,
             results->left_out_count == 1 ? " gate left out by --only" : " gates left out by --only");
}

/* Of how many checks did the estimate alone decide? */
static size_t count_by_point(const struct mlg_results *results)
{
    size_t count = 0;
    for (size_t g = 0; g < results->gate_count; g++)
        for (size_t c = 0; c < results->gates[g].check_count; c++) {
            const struct mlg_check_result *check = &results->gates[g].checks[c];
            count +=
                check->decided_by && strcmp(check->decided_by, "point") == 0 && mlg_is_known(check->estimate);
        }
    return count;
}

void mlg_put_conclusion(struct mlg_builder *out, const struct mlg_results *results)
{
    struct mlg_builder parts;
    mlg_builder_init(&parts, 0);
    put_blocking_part(&parts, results, MLG_FAIL, " failed");
    put_blocking_part(&parts, results, MLG_INCONCLUSIVE, " inconclusive");
    put_part(&parts, results->counts[MLG_WAIVED], " waived");
    put_part(&parts, results->counts[MLG_PASS], " passed");
    put_judged(&parts, results);
    bool all_passed = results->counts[MLG_FAIL] == 0 && results->counts[MLG_INCONCLUSIVE] == 0 &&
                      results->counts[MLG_VERDICT_ERROR] == 0;
    mlg_put(out, results->exit_code != MLG_EXIT_PASS ? "blocked: "
                 : all_passed                        ? "passed: "
                                                     : "nothing blocks: ");
    mlg_put(out, parts.data);
    out->failed = out->failed || parts.failed;
    mlg_builder_free(&parts);
}

void mlg_put_conclusion_bounds(struct mlg_builder *out, const struct mlg_results *results)
{
    const double confidence = mlg_usual_confidence(results);
    mlg_put(out, "(");
    if (confidence > 0) {
        mlg_put(out, "one-sided ");
        mlg_put_percent(out, confidence);
        mlg_put(out, " % bounds");
        if (has_other_confidence(results, confidence))
            mlg_put(out, " unless stated");
        const size_t bare = count_by_point(results);
        if (bare) {
            mlg_put(out, ", but for ");
            mlg_put_count(out, bare);
            mlg_put(out,
                    mlg_plural(bare, " decided by its estimate alone", " decided by their estimates alone"));
        }
        mlg_put(out, "; ");
    }
    mlg_put_format(out, "exit %d)", results->exit_code);
}
