/* A thread, a semaphore to wake it, and libuv's async handle to report back. */
#include "shell/worker.h"
#include "base/xalloc.h"
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

struct worker {
    uv_thread_t thread;
    uv_sem_t given;
    uv_async_t over;
    void (*work)(void *arg);
    void (*done)(void *arg);
    void *arg;
    bool busy;     /* seen by the loop's thread only */
    bool finished; /* set before the semaphore is posted for the last time */
};

static void run(void *arg)
{
    struct worker *worker = arg;
    for (;;) {
        uv_sem_wait(&worker->given);
        if (worker->finished)
            return;
        worker->work(worker->arg);
        uv_async_send(&worker->over);
    }
}

static void over(uv_async_t *async)
{
    struct worker *worker = async->data;
    worker->busy = false;
    worker->done(worker->arg);
}

/* Out of threads at the start is like out of memory: nothing was promised yet. */
static void need(int status, const char *what)
{
    if (status == 0)
        return;
    fprintf(stderr, "yujing: %s: %s\n", what, uv_strerror(status));
    exit(71);
}

struct worker *worker_new(uv_loop_t *loop, void (*work)(void *arg), void (*done)(void *arg),
                          void *arg)
{
    struct worker *worker = xcalloc(1, sizeof *worker);
    *worker = (struct worker){.work = work, .done = done, .arg = arg};
    need(uv_sem_init(&worker->given, 0), "uv_sem_init");
    need(uv_async_init(loop, &worker->over, over), "uv_async_init");
    worker->over.data = worker;
    need(uv_thread_create(&worker->thread, run, worker), "uv_thread_create");
    return worker;
}

void worker_give(struct worker *worker)
{
    assert(!worker->busy);
    worker->busy = true;
    uv_sem_post(&worker->given);
}

static void closed(uv_handle_t *handle)
{
    free(handle->data);
}

void worker_close(struct worker *worker)
{
    assert(!worker->busy);
    worker->finished = true;
    uv_sem_post(&worker->given);
    uv_thread_join(&worker->thread);
    uv_sem_destroy(&worker->given);
    uv_close((uv_handle_t *)&worker->over, closed);
}
