/* A thread, a mutex with a condition to wake it, and libuv's async handle to report back.
 *
 * The state says whose the work is; it changes hands under the mutex, which also makes everything
 * that one side wrote visible to the other. */
#include "shell/worker.h"
#include "base/xalloc.h"
#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <uv.h>

enum state { IDLE, GIVEN, DONE, CLOSING };

struct worker {
    uv_thread_t thread;
    uv_mutex_t mutex;
    uv_cond_t changed;
    uv_async_t over;
    enum state state;
    bool (*work)(void *arg);
    void (*told)(void *arg, bool idle);
    void *arg;
};

static enum state wait_for_work(struct worker *worker)
{
    uv_mutex_lock(&worker->mutex);
    while (worker->state == IDLE || worker->state == DONE)
        uv_cond_wait(&worker->changed, &worker->mutex);
    enum state state = worker->state;
    uv_mutex_unlock(&worker->mutex);
    return state;
}

static enum state set_state(struct worker *worker, enum state state)
{
    uv_mutex_lock(&worker->mutex);
    enum state before = worker->state;
    worker->state = state;
    uv_cond_signal(&worker->changed);
    uv_mutex_unlock(&worker->mutex);
    return before;
}

static void run(void *arg)
{
    struct worker *worker = arg;
    while (wait_for_work(worker) == GIVEN) {
        while (worker->work(worker->arg))
            uv_async_send(&worker->over);
        set_state(worker, DONE);
        uv_async_send(&worker->over);
    }
}

static bool take_back(struct worker *worker)
{
    uv_mutex_lock(&worker->mutex);
    bool done = worker->state == DONE;
    if (done)
        worker->state = IDLE;
    uv_mutex_unlock(&worker->mutex);
    return done;
}

static void over(uv_async_t *async)
{
    struct worker *worker = async->data;
    worker->told(worker->arg, take_back(worker));
}

void worker_need(int status, const char *what)
{
    if (status == 0)
        return;
    fprintf(stderr, "yujing: %s: %s\n", what, uv_strerror(status));
    exit(EX_OSERR);
}

struct worker *worker_new(uv_loop_t *loop, bool (*work)(void *arg),
                          void (*told)(void *arg, bool idle), void *arg)
{
    struct worker *worker = xcalloc(1, sizeof *worker);
    *worker = (struct worker){.work = work, .told = told, .arg = arg};
    worker_need(uv_mutex_init(&worker->mutex), "uv_mutex_init");
    worker_need(uv_cond_init(&worker->changed), "uv_cond_init");
    worker_need(uv_async_init(loop, &worker->over, over), "uv_async_init");
    worker->over.data = worker;
    worker_need(uv_thread_create(&worker->thread, run, worker), "uv_thread_create");
    return worker;
}

void worker_give(struct worker *worker)
{
    enum state before = set_state(worker, GIVEN);
    assert(before == IDLE);
}

static void closed(uv_handle_t *handle)
{
    free(handle->data);
}

void worker_close(struct worker *worker)
{
    enum state before = set_state(worker, CLOSING);
    assert(before == IDLE);
    uv_thread_join(&worker->thread);
    uv_cond_destroy(&worker->changed);
    uv_mutex_destroy(&worker->mutex);
    uv_close((uv_handle_t *)&worker->over, closed);
}
