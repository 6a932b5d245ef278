/* library: the door to the dynamic linker. */
#include "mlgate/library.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

void *mlg_library_load(const char *name)
{
    return dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
}

bool mlg_library_find(void *library, const char *symbol, void *function)
{
    void *address = dlsym(library, symbol);
    memcpy(function, &address, sizeof address); /* ISO C has no conversion between the two kinds */
    return address != NULL;
}

void mlg_library_release(void *library)
{
    if (library)
        dlclose(library);
}
