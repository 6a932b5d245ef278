/* secrets: what looks like a secret among variables. Private to lib/rerun.
 *
 * Always true: a guess by name and value, which may take what is none for a secret sooner than the reverse.
 */
#ifndef MLGATE_RERUN_SECRETS_H
#define MLGATE_RERUN_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

/* Does its name look like a secret's, or does its value hold one? */
bool mlg_secret_variable(const char *name, size_t size, const char *value);

#endif
