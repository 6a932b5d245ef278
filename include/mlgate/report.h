/* report: a finished suite in a language that someone reads.
 *
 * Always true: a report is a pure function of the results and of the options here; it never sees data;
 * same results, same bytes. One file per report, one line in reports.def.
 */
#ifndef MLGATE_REPORT_H
#define MLGATE_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "mlgate/results.h"
#include "mlgate/text.h"

struct mlg_report_options {
    bool colour;    /* only ever beside words */
    unsigned width; /* columns of the terminal, 0: no limit */
    /* Where the repository begins and where relative paths are seen from, both absolute; NULL: not known.
     * What readers lay beside the repository's files names them as it does. */
    const char *root, *directory;
    const char *changes; /* Markdown, made by mlgate: what changed since the base; NULL: nothing is told */
    size_t room;         /* the most bytes of the Markdown; 0: MLG_MARKDOWN_ROOM */
};
/* Less than the 1 MiB that GitHub takes of a summary. */
enum { MLG_MARKDOWN_ROOM = 900 * 1024 };

struct mlg_report {
    const char *name;  /* KIND in --report KIND=PATH */
    const char *about; /* one sentence */
    void (*write)(const struct mlg_results *results, const struct mlg_report_options *options,
                  struct mlg_builder *out);
};

/* All rows of reports.def, NULL-terminated. */
extern const struct mlg_report *const mlg_reports[];
const struct mlg_report *mlg_report_find(const char *name);

#endif
