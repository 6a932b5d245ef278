/* blocks: workers, and the hash beside them. */
#include "blocks.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "mlgate/parallel.h"
#include "source.h"

enum {
    HASH_BYTES = 256 * 1024,
    HASH_LEAD = 64 * 1024 * 1024 /* hashing and parsing stay this close, to share the page cache */
};

struct pass {
    struct mlg_reader *reader;
    const struct mlg_block_work *work;
    const struct mlg_read_order *order;
    const size_t *turns;
    bool shared; /* several workers */
    pthread_mutex_t lock;
    pthread_cond_t moved;
    /* Under the lock: */
    uint64_t next_block;
    bool spent;            /* no more blocks */
    uint64_t failed_block; /* UINT64_MAX: none */
    struct mlg_error failure;
    struct mlg_read_summary *summary;
    uint64_t *missing;
    uint64_t parsed, hashed; /* bytes */
    unsigned parsing;        /* workers at work */
    bool hashing;
};

static void lock(struct pass *pass)
{
    if (pass->shared)
        pthread_mutex_lock(&pass->lock);
}

static void unlock(struct pass *pass)
{
    if (pass->shared)
        pthread_mutex_unlock(&pass->lock);
}

static void fail(struct pass *pass, uint64_t block, const struct mlg_error *error)
{
    lock(pass);
    if (block < pass->failed_block) {
        pass->failed_block = block;
        pass->failure = *error;
    }
    if (pass->shared)
        pthread_cond_broadcast(&pass->moved);
    unlock(pass);
}

/* Parsing does not run away from hashing, which reads the same pages again; hashing is alike. */
static void keep_step(struct pass *pass)
{
    while (pass->hashing && pass->parsed > pass->hashed + HASH_LEAD && pass->failed_block == UINT64_MAX)
        pthread_cond_wait(&pass->moved, &pass->lock);
}

static bool take(struct pass *pass, void *worker, struct mlg_feed *feed)
{
    lock(pass);
    if (pass->shared)
        keep_step(pass);
    bool taken = !pass->spent && pass->failed_block == UINT64_MAX;
    if (taken) {
        size_t bytes = 0;
        feed->block = pass->next_block++;
        pass->spent = pass->work->take(worker, &bytes);
        pass->parsed += bytes;
        if (pass->shared)
            pthread_cond_broadcast(&pass->moved);
    }
    unlock(pass);
    return taken;
}

static void run_worker(struct pass *pass, size_t number)
{
    const struct mlg_block_work *work = pass->work;
    struct mlg_feed *feed = mlg_feed_new(pass->reader, pass->order, pass->turns, number);
    void *worker = feed ? work->begin(work->self, feed) : NULL;
    if (!worker) {
        struct mlg_error error = {0};
        mlg_reader_no_memory(pass->reader, &error);
        fail(pass, 0, &error);
        mlg_feed_free(feed);
        return;
    }
    lock(pass);
    pass->parsing++;
    unlock(pass);
    while (take(pass, worker, feed)) {
        struct mlg_error error = {0};
        int code = work->feed(worker, &error);
        if (code) {
            if (error.code == MLG_OK)
                error.code = (enum mlg_code)code;
            fail(pass, feed->block, &error);
            break;
        }
    }
    lock(pass);
    pass->parsing--;
    pass->summary->rows += feed->rows;
    pass->summary->dropped += feed->rows_dropped;
    for (size_t k = 0; k < pass->order->count; k++)
        pass->missing[k] += feed->missing[k];
    if (pass->shared)
        pthread_cond_broadcast(&pass->moved);
    unlock(pass);
    work->end(worker);
    mlg_feed_free(feed);
}

/* Hashes the file beside the workers, on a thread of its own where there is one. */
static void hash_beside(struct pass *pass)
{
    struct mlg_error error = {0};
    char *buffer = malloc(HASH_BYTES);
    if (!buffer) {
        mlg_reader_no_memory(pass->reader, &error);
        fail(pass, UINT64_MAX - 1, &error);
        return;
    }
    bool stop = false;
    lock(pass);
    pass->hashing = true;
    unlock(pass);
    while (!stop) {
        int64_t got = mlg_source_hash_beside(pass->reader->source, buffer, HASH_BYTES, &error);
        if (got < 0)
            fail(pass, UINT64_MAX - 1, &error);
        lock(pass);
        pass->hashed += got > 0 ? (uint64_t)got : 0;
        stop = got <= 0 || pass->failed_block != UINT64_MAX;
        pass->hashing = !stop;
        pthread_cond_broadcast(&pass->moved);
        while (!stop && pass->parsing > 0 && pass->hashed > pass->parsed + HASH_LEAD)
            pthread_cond_wait(&pass->moved, &pass->lock);
        unlock(pass);
    }
    free(buffer);
}

static void task(void *context, size_t index)
{
    struct pass *pass = context;
    if (index < pass->order->threads)
        run_worker(pass, index);
    else
        hash_beside(pass);
}

int mlg_blocks_read(struct mlg_reader *reader, const struct mlg_read_order *asked,
                    const struct mlg_block_work *work, struct mlg_read_summary *summary, uint64_t *missing,
                    struct mlg_error *error)
{
    struct mlg_read_order order = *asked;
    const int64_t size = mlg_source_plain_size(reader->source);
    if (work->is_small || (size >= 0 && (uint64_t)size < reader->tuning.threads_from))
        order.threads = 1; /* a thread costs more than a small file */
    struct pass pass = {
        .reader = reader,
        .work = work,
        .order = &order,
        .turns = mlg_feed_turns(reader, &order),
        .shared = order.threads > 1,
        .failed_block = UINT64_MAX,
        .summary = summary,
        .missing = missing,
    };
    if (!pass.turns)
        return mlg_reader_no_memory(reader, error);
    bool beside = pass.shared && size >= 0 && !work->is_hashed && !reader->options.without_hash;
    if (!beside) {
        int code = mlg_source_hash_along(reader->source, error);
        if (code)
            return code;
    }
    if (pass.shared) {
        unsigned tasks = order.threads + beside;
        pthread_mutex_init(&pass.lock, NULL);
        pthread_cond_init(&pass.moved, NULL);
        mlg_parallel(tasks, tasks, task, &pass);
        pthread_cond_destroy(&pass.moved);
        pthread_mutex_destroy(&pass.lock);
    } else {
        run_worker(&pass, 0);
    }
    if (pass.failed_block == UINT64_MAX)
        return 0;
    *error = pass.failure;
    return (int)pass.failure.code;
}

bool mlg_blocks_reserve(char **bytes, size_t *capacity, size_t needed)
{
    if (*bytes && needed <= *capacity)
        return true;
    size_t larger = *capacity + *capacity / 2 + 1;
    if (larger < needed)
        larger = needed;
    char *moved = realloc(*bytes, larger);
    if (!moved)
        return false;
    *bytes = moved;
    *capacity = larger;
    return true;
}

unsigned long mlg_blocks_line_feeds(const char *text, size_t size)
{
    unsigned long count = 0;
    const char *end = text + size, *found;
    while (text < end && (found = memchr(text, '\n', (size_t)(end - text)))) {
        count++;
        text = found + 1;
    }
    return count;
}
