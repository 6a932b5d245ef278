/* dictionary, the part that only readers need. */
#ifndef MLG_DATA_DICTIONARY_H
#define MLG_DATA_DICTIONARY_H

#include <stddef.h>

struct mlg_dictionary;
size_t mlg_dictionary_limit(const struct mlg_dictionary *dictionary);

#endif
