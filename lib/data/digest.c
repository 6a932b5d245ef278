/* digest: the door to libcrypto. */
#include "digest.h"

#include <openssl/evp.h>
#include <string.h>

#include "mlgate/content.h"
#include "mlgate/table.h"

bool mlg_digest_begin(struct mlg_digest *digest)
{
    if (digest->context)
        return !digest->failed;
    /* Without this the first use reads openssl.cnf, which costs more than hashing a small file. */
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    digest->context = EVP_MD_CTX_new();
    digest->failed = !digest->context || EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL) != 1;
    return !digest->failed;
}

void mlg_digest_add(struct mlg_digest *digest, const void *bytes, size_t size)
{
    if (!digest->failed && EVP_DigestUpdate(digest->context, bytes, size) != 1)
        digest->failed = true;
}

bool mlg_digest_end(struct mlg_digest *digest, char hex[65])
{
    unsigned char raw[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (!digest->context || digest->failed || EVP_DigestFinal_ex(digest->context, raw, &size) != 1 ||
        size != 32)
        digest->failed = true;
    hex[0] = '\0';
    for (unsigned i = 0; i < 32 && !digest->failed; i++) {
        hex[2 * i] = "0123456789abcdef"[raw[i] >> 4];
        hex[2 * i + 1] = "0123456789abcdef"[raw[i] & 15];
        hex[2 * i + 2] = '\0';
    }
    mlg_digest_free(digest);
    return !digest->failed;
}

void mlg_digest_free(struct mlg_digest *digest)
{
    EVP_MD_CTX_free(digest->context);
    digest->context = NULL;
}

void mlg_sha256(const void *bytes, size_t size, char hex[65])
{
    struct mlg_digest digest = {0};
    mlg_digest_begin(&digest);
    mlg_digest_add(&digest, bytes, size);
    mlg_digest_end(&digest, hex);
}

int mlg_file_digest(const struct mlg_world *world, const char *path, char sha256[65], uint64_t *size,
                    struct mlg_error *error)
{
    enum { BLOCK = 64 * 1024 };
    unsigned char block[BLOCK];
    struct mlg_digest digest = {0};
    struct mlg_file file;
    int64_t got;
    *size = 0;
    const int code = world->open(world->self, path, &file, error);
    if (code != MLG_OK)
        return code;
    mlg_digest_begin(&digest);
    while ((got = world->read(world->self, &file, (int64_t)*size, block, sizeof block, error)) > 0) {
        mlg_digest_add(&digest, block, (size_t)got);
        *size += (uint64_t)got;
    }
    world->close(world->self, &file);
    const bool done = mlg_digest_end(&digest, sha256);
    if (got < 0) {
        char why[MLG_ERROR_SIZE];
        memcpy(why, error->text, sizeof why);
        return mlg_error_set(error, MLG_WORLD, "cannot read '%s': %s", path, why);
    }
    return done ? MLG_OK : mlg_error_set(error, MLG_INTERNAL, "'%s' cannot be hashed", path);
}
