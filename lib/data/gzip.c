/* gzip: the door to zlib. Members may follow each other; zero bytes may follow the last. */
#include "gzip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "mlgate/library.h"

enum { INPUT_BYTES = 64 * 1024, GZIP_WINDOW = 15 + 16 /* 32 KiB, with gzip's header and trailer */ };

struct gzip {
    const struct mlg_bytes *below;
    const char *shown;
    void *library;
    __typeof__(inflateInit2_) *begin;
    __typeof__(inflate) *inflate;
    __typeof__(inflateReset) *again;
    __typeof__(inflateEnd) *end;
    z_stream stream;
    bool begun, between, finished; /* between: a member has ended, none has begun since */
    unsigned char input[INPUT_BYTES];
};

static void gzip_close(void *self)
{
    struct gzip *gzip = self;
    if (gzip->begun)
        gzip->end(&gzip->stream);
    mlg_library_release(gzip->library);
    free(gzip);
}

static int damaged(const struct gzip *gzip, struct mlg_error *error, const char *why)
{
    mlg_error_set(error, MLG_DATA, "'%s' is damaged: %s", gzip->shown, why);
    return -1;
}

static int refill(struct gzip *gzip, struct mlg_error *error)
{
    int64_t got = gzip->below->read(gzip->below->self, gzip->input, sizeof gzip->input, error);
    if (got < 0)
        return -1;
    gzip->stream.next_in = gzip->input;
    gzip->stream.avail_in = (uInt)got;
    return got > 0;
}

/* Between members: 1 another one begins, 0 there is none, -1 an error. */
static int next_member(struct gzip *gzip, struct mlg_error *error)
{
    z_stream *stream = &gzip->stream;
    for (;;) {
        if (stream->avail_in == 0) {
            int more = refill(gzip, error);
            if (more <= 0)
                return more;
        }
        if (*stream->next_in)
            break;
        stream->next_in++;
        stream->avail_in--;
    }
    if (*stream->next_in != 0x1f)
        return damaged(gzip, error, "bytes that are no gzip data follow its end");
    gzip->again(stream);
    gzip->between = false;
    return 1;
}

static int64_t gzip_read(void *self, void *buffer, size_t size, struct mlg_error *error)
{
    struct gzip *gzip = self;
    z_stream *stream = &gzip->stream;
    size_t done = 0;
    while (done < size && !gzip->finished) {
        if (gzip->between) {
            int more = next_member(gzip, error);
            if (more < 0)
                return -1;
            gzip->finished = more == 0;
            continue;
        }
        if (stream->avail_in == 0) {
            int more = refill(gzip, error);
            if (more < 0)
                return -1;
            if (more == 0)
                return damaged(gzip, error, "the gzip data is cut short");
        }
        size_t room = size - done < (1u << 30) ? size - done : 1u << 30;
        stream->next_out = (unsigned char *)buffer + done;
        stream->avail_out = (uInt)room;
        int code = gzip->inflate(stream, Z_NO_FLUSH);
        done += room - stream->avail_out;
        if (code == Z_STREAM_END)
            gzip->between = true;
        else if (code == Z_MEM_ERROR)
            return mlg_error_set(error, MLG_LIMIT, "no memory to decompress '%s'", gzip->shown), -1;
        else if (code != Z_OK && code != Z_BUF_ERROR)
            return damaged(gzip, error, stream->msg ? stream->msg : "the gzip data is not valid");
    }
    return (int64_t)done;
}

int mlg_gzip_open(const struct mlg_bytes *below, const char *shown, struct mlg_bytes *bytes,
                  struct mlg_error *error)
{
    struct gzip *gzip = calloc(1, sizeof *gzip);
    if (!gzip)
        return mlg_error_set(error, MLG_LIMIT, "no memory to decompress '%s'", shown);
    gzip->below = below;
    gzip->shown = shown;
    gzip->library = mlg_library_load("libz.so.1");
    if (!gzip->library || !mlg_library_find(gzip->library, "inflateInit2_", &gzip->begin) ||
        !mlg_library_find(gzip->library, "inflate", &gzip->inflate) ||
        !mlg_library_find(gzip->library, "inflateReset", &gzip->again) ||
        !mlg_library_find(gzip->library, "inflateEnd", &gzip->end)) {
        gzip_close(gzip);
        return mlg_error_set(error, MLG_WORLD, "'%s' is compressed, and zlib (libz.so.1) cannot be loaded",
                             shown);
    }
    gzip->begun = gzip->begin(&gzip->stream, GZIP_WINDOW, ZLIB_VERSION, (int)sizeof gzip->stream) == Z_OK;
    if (!gzip->begun) {
        gzip_close(gzip);
        return mlg_error_set(error, MLG_LIMIT, "no memory to decompress '%s'", shown);
    }
    *bytes = (struct mlg_bytes){gzip, gzip_read, gzip_close};
    return 0;
}
