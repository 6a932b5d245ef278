/* gitlab: the files that a job's artifacts:reports name. */
#include "platform.h"

extern const struct mlg_platform mlg_platform_gitlab;

static const struct mlg_platform_report reports[] = {
    {"json", "results.json"},          {"junit", "junit.xml"},     {"codequality", "gl-code-quality.json"},
    {"gitlab-metrics", "metrics.txt"}, {"markdown", "summary.md"}, {0}};

const struct mlg_platform mlg_platform_gitlab = {
    .name = "gitlab", .sign = "GITLAB_CI", .root = "CI_PROJECT_DIR", .reports = reports};
