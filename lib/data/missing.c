/* missing: the few texts that stand for "there is no value". */
#include <string.h>

#include "mlgate/table.h"

static bool is_word(const char *bytes, const char *lower, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((bytes[i] | 0x20) != lower[i])
            return false;
    return true;
}

bool mlg_is_missing(const char *bytes, size_t size)
{
    switch (size) {
    case 0:
        return true;
    case 2:
        return memcmp(bytes, "NA", 2) == 0;
    case 3:
        return is_word(bytes, "nan", 3);
    case 4:
        return is_word(bytes, "null", 4);
    default:
        return false;
    }
}
