/* library: shared libraries that are loaded on first use and stay loaded, so that who does not need one does
 * not wait for it.
 *
 * Always true: what was found stays valid until the process ends.
 */
#ifndef MLGATE_LIBRARY_H
#define MLGATE_LIBRARY_H

#include <stdbool.h>

/* NULL: it is not there. */
void *mlg_library_load(const char *name);
/* Fills a function pointer; false: it is not there. */
bool mlg_library_find(void *library, const char *symbol, void *function);
/* NULL is fine. */
void mlg_library_release(void *library);

#endif
