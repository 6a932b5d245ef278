/* gitlab: the files that a job's artifacts:reports name. */
#include "platform.h"

extern const struct mlg_platform mlg_platform_gitlab;

static const struct mlg_platform_report reports[] = {{"json", "mlgate-out/results.json"},
                                                     {"junit", "mlgate-out/junit.xml"},
                                                     {"codequality", "mlgate-out/gl-code-quality.json"},
                                                     {"gitlab-metrics", "mlgate-out/metrics.txt"},
                                                     {"markdown", "mlgate-out/summary.md"},
                                                     {0}};

const struct mlg_platform mlg_platform_gitlab = {
    .name = "gitlab", .sign = "GITLAB_CI", .root = "CI_PROJECT_DIR", .reports = reports};
