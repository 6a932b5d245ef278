/* The table of reports: one line each in reports.def. */
#include "mlgate/report.h"

#include <string.h>

#define REPORT(name) extern const struct mlg_report mlg_report_##name;
#include "reports.def"
#undef REPORT

const struct mlg_report *const mlg_reports[] = {
#define REPORT(name) &mlg_report_##name,
#include "reports.def"
#undef REPORT
    NULL};

const struct mlg_report *mlg_report_find(const char *name)
{
    for (size_t i = 0; mlg_reports[i]; i++)
        if (strcmp(mlg_reports[i]->name, name) == 0)
            return mlg_reports[i];
    return NULL;
}
