/* json: the finished suite itself, as results.json. Every other report can be made from it later. */
#include "mlgate/report.h"

extern const struct mlg_report mlg_report_json;

static void write_json(const struct mlg_results *results, const struct mlg_report_options *options,
                       struct mlg_builder *out)
{
    (void)options;
    mlg_results_write(results, out);
}

const struct mlg_report mlg_report_json = {
    .name = "json",
    .about = "the finished suite as one document; every other report can be made from it later",
    .write = write_json,
};
