/* digest: SHA-256 as the bytes come.
 *
 * Always true: a digest that could not be made says so (false) and never yields a hash.
 */
#ifndef MLG_DATA_DIGEST_H
#define MLG_DATA_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

struct mlg_digest {
    void *context; /* NULL: not begun */
    bool failed;
};

/* Does nothing when it was begun before. */
bool mlg_digest_begin(struct mlg_digest *digest);
void mlg_digest_add(struct mlg_digest *digest, const void *bytes, size_t size);
/* Ends the digest; false: it failed at some time. */
bool mlg_digest_end(struct mlg_digest *digest, char hex[65]);
void mlg_digest_free(struct mlg_digest *digest);

#endif
