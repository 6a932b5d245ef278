/* parallel: the same work for any number of threads.
 *
 * Always true: task(context, i) is called exactly once for every i below `count`, on at most
 * `threads` threads, the calling one among them; it returns when all are done. Results must go into
 * slot i, so that they do not depend on which thread came first. With threads <= 1, or where no
 * thread can be started, everything runs on the calling thread in order.
 */
#ifndef MLGATE_PARALLEL_H
#define MLGATE_PARALLEL_H

#include <stddef.h>

typedef void (*mlg_task)(void *context, size_t index);
void mlg_parallel(unsigned threads, size_t count, mlg_task task, void *context);

#endif
