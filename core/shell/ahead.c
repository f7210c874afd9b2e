/* A list and a turn under one mutex. */
#include "shell/ahead.h"
#include "base/xalloc.h"
#include "shell/worker.h"
#include <assert.h>
#include <stdlib.h>
#include <uv.h>

struct ahead {
    uv_mutex_t mutex;
    struct delivery *first, **last;
    size_t facts;
    bool held;
    struct turn ended;
    bool has_ended;
};

static void empty(struct ahead *ahead)
{
    ahead->first = NULL;
    ahead->last = &ahead->first;
    ahead->facts = 0;
}

struct ahead *ahead_new(void)
{
    struct ahead *ahead = xcalloc(1, sizeof *ahead);
    worker_need(uv_mutex_init(&ahead->mutex), "uv_mutex_init");
    empty(ahead);
    return ahead;
}

size_t ahead_facts(struct ahead *ahead)
{
    uv_mutex_lock(&ahead->mutex);
    size_t facts = ahead->facts;
    uv_mutex_unlock(&ahead->mutex);
    return facts;
}

void ahead_put(struct ahead *ahead, struct delivery *deliveries)
{
    uv_mutex_lock(&ahead->mutex);
    *ahead->last = deliveries;
    for (; *ahead->last; ahead->last = &(*ahead->last)->next)
        ahead->facts += (*ahead->last)->count;
    uv_mutex_unlock(&ahead->mutex);
}

void ahead_hold(struct ahead *ahead)
{
    uv_mutex_lock(&ahead->mutex);
    ahead->held = true;
    uv_mutex_unlock(&ahead->mutex);
}

bool ahead_ended(struct ahead *ahead, struct turn *ret_turn)
{
    uv_mutex_lock(&ahead->mutex);
    bool any = ahead->has_ended;
    if (any)
        *ret_turn = ahead->ended;
    ahead->has_ended = false;
    uv_mutex_unlock(&ahead->mutex);
    return any;
}

struct delivery *ahead_take(struct ahead *ahead)
{
    uv_mutex_lock(&ahead->mutex);
    struct delivery *taken = ahead->first;
    empty(ahead);
    ahead->held = false;
    uv_mutex_unlock(&ahead->mutex);
    return taken;
}

bool ahead_go_on(struct ahead *ahead, struct turn *turn, size_t facts_min)
{
    uv_mutex_lock(&ahead->mutex);
    bool goes_on = ahead->first && !ahead->held && !ahead->has_ended && ahead->facts >= facts_min;
    if (goes_on) {
        ahead->ended = *turn;
        ahead->has_ended = true;
        *turn = (struct turn){.deliveries = ahead->first};
        empty(ahead);
    }
    uv_mutex_unlock(&ahead->mutex);
    return goes_on;
}

void ahead_free(struct ahead *ahead)
{
    if (!ahead)
        return;
    assert(!ahead->first && !ahead->has_ended);
    uv_mutex_destroy(&ahead->mutex);
    free(ahead);
}
