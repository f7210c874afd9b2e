/* The worker: the one thread in which turns run, beside the loop.
 *
 * It is given one turn at a time and reports from the loop when that is over; it may go on with
 * another by itself.  What a turn touches
 * (store, engine, the turn itself) belongs to the worker in between, to the loop's thread
 * otherwise; so nothing needs a lock but the hand-over. */
#ifndef SHELL_WORKER_H
#define SHELL_WORKER_H

#include <stdbool.h>

typedef struct uv_loop_s uv_loop_t;

struct worker;
/* `work` is called on the worker's thread, and again as long as it returns true; `told` on the
 * loop's after each call, or after several: `idle` when the last one returned false. */
struct worker *worker_new(uv_loop_t *loop, bool (*work)(void *arg),
                          void (*told)(void *arg, bool idle), void *arg);
/* Not again before `told` said idle. */
void worker_give(struct worker *worker);
/* Ends the thread, which must be idle, and closes the handle; memory goes when the loop has run
 * once more. */
void worker_close(struct worker *worker);

/* Says which part of the machine is missing, and ends the process with EX_OSERR, when status is an
 * error of libuv.  For the start only: out of threads or descriptors there is like out of memory,
 * and nothing was promised yet. */
void worker_need(int status, const char *what);

#endif
