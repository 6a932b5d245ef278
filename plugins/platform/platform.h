/* platform: where a run happens, and what is written there without being asked for. Private to plugins.
 *
 * Always true: one file per platform, one line in platforms.def; flags and configuration win over what a
 * platform brings; what comes from data never becomes a command of its runner.
 */
#ifndef MLGATE_PLATFORM_H
#define MLGATE_PLATFORM_H

#include "../plugins.h"

struct mlg_platform_report {
    const char *kind, *file; /* in mlgate-out/, of a gate's executable in mlgate-out/<gate>/ */
};

struct mlg_platform {
    const char *name; /* --platform NAME */
    const char *sign; /* the variable that is "true" there; NULL: anywhere */
    const char *root; /* the variable that names the directory of the repository; NULL: none */
    const struct mlg_platform_report *reports; /* ends with a row without kind; NULL: none */
    /* Before anything is printed, and when all reports are written: false, with a sentence on standard error,
     * where something of it could not be. NULL: nothing. */
    void (*begin)(struct mlg_session *session, const struct mlg_targets *targets);
    bool (*end)(struct mlg_session *session, const struct mlg_targets *targets,
                const struct mlg_results *results);
};

/* All rows of platforms.def, in the order in which they are tried; ends with NULL. */
extern const struct mlg_platform *const mlg_platforms[];

/* The targets's report of that kind that is written to a file; NULL: there is none. */
const char *mlg_platform_path(const struct mlg_targets *targets, const char *kind);

#endif
