/* The worker: the one thread in which turns run, beside the loop.
 *
 * It is given one turn at a time and reports from the loop when that is over.  What a turn touches
 * (store, engine, the turn itself) belongs to the worker in between, to the loop's thread
 * otherwise; so nothing needs a lock but the hand-over. */
#ifndef SHELL_WORKER_H
#define SHELL_WORKER_H

typedef struct uv_loop_s uv_loop_t;

struct worker;
/* `work` is called on the worker's thread, `done` afterwards on the loop's. */
struct worker *worker_new(uv_loop_t *loop, void (*work)(void *arg), void (*done)(void *arg),
                          void *arg);
/* Not again before `done` was called. */
void worker_give(struct worker *worker);
/* Ends the thread, which must be idle, and closes the handle; memory goes when the loop has run
 * once more. */
void worker_close(struct worker *worker);

/* Says which part of the machine is missing, and ends the process with EX_OSERR, when status is an
 * error of libuv.  For the start only: out of threads or descriptors there is like out of memory,
 * and nothing was promised yet. */
void worker_need(int status, const char *what);

#endif
