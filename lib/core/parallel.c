/* parallel.c: threads that draw the next index from one counter. */
#include "mlgate/parallel.h"

#include <pthread.h>
#include <stdatomic.h>

enum { MOST_THREADS = 256 };

struct work {
    mlg_task task;
    void *context;
    size_t count;
    atomic_size_t next;
};

static void *draw(void *argument)
{
    struct work *work = argument;
    for (;;) {
        size_t index = atomic_fetch_add_explicit(&work->next, 1, memory_order_relaxed);
        if (index >= work->count)
            return NULL;
        work->task(work->context, index);
    }
}

void mlg_parallel(unsigned threads, size_t count, mlg_task task, void *context)
{
    if (threads > count)
        threads = (unsigned)count;
    if (threads > MOST_THREADS)
        threads = MOST_THREADS;
    struct work work = {.task = task, .context = context, .count = count};
    atomic_init(&work.next, 0);
    pthread_t others[MOST_THREADS];
    unsigned started = 0;
    while (started + 1 < threads && pthread_create(&others[started], NULL, draw, &work) == 0)
        started++;
    draw(&work);
    for (unsigned i = 0; i < started; i++)
        pthread_join(others[i], NULL);
}
