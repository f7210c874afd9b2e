/* Parcels out, parcels back; used by the loop's thread alone. */
#include "shell/dispatch.h"
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include <assert.h>
#include <stdlib.h>

struct attempt {
    struct way *way;
    struct host *host;
    struct parcel *parcel;
    struct attempt *next;
};
/* A place that must not be crowded. */
struct host {
    int under_way, under_way_max;
    struct attempt *first, **last; /* waiting for their turn there */
};
struct way {
    struct dispatch *dispatch;
    const struct gateway *gateway;
    void *self;
    bool open;
    struct intern names; /* of hosts */
    struct host **hosts; /* parallel to names */
    size_t capacity;
};
struct dispatch {
    struct way *ways;
    size_t count;
    int under_way; /* sent or waiting here */
    int closing;   /* channels that have not said that they are closed */
    struct parcel *returned, **returned_last;
    void (*changed)(void *arg);
    void *arg;
};

struct dispatch *dispatch_new(const struct gateways *gateways, void (*changed)(void *arg),
                              void *arg)
{
    struct dispatch *dispatch = xcalloc(1, sizeof *dispatch);
    dispatch->ways = xcalloc(gateways->count + 1, sizeof *dispatch->ways);
    dispatch->count = gateways->count;
    for (size_t i = 0; i < gateways->count; i++) {
        dispatch->ways[i].dispatch = dispatch;
        dispatch->ways[i].gateway = &gateways->items[i];
    }
    dispatch->returned_last = &dispatch->returned;
    dispatch->changed = changed;
    dispatch->arg = arg;
    return dispatch;
}

int dispatch_open(struct dispatch *dispatch, uv_loop_t *loop, const struct channel_options *options,
                  struct findings *findings)
{
    for (size_t i = 0; i < dispatch->count; i++) {
        struct way *way = &dispatch->ways[i];
        struct channel_options own = *options;
        own.gateway = way->gateway;
        int err = way->gateway->channel->open(&way->self, loop, way->gateway->conf, &own, findings);
        if (err < 0)
            return err;
        way->open = true;
    }
    return 0;
}

static struct way *way_of(struct dispatch *dispatch, const char *name)
{
    for (size_t i = 0; i < dispatch->count; i++)
        if (str_equal(dispatch->ways[i].gateway->name, name))
            return &dispatch->ways[i];
    return NULL;
}

static struct host *host_of(struct way *way, const char *name)
{
    uint32_t known = way->names.count;
    int number = intern_add(&way->names, name ? name : "");
    if ((uint32_t)number == known) {
        void *hosts = way->hosts;
        xgrow(&hosts, known, &way->capacity, sizeof(struct host *));
        way->hosts = hosts;
        way->hosts[number] = xcalloc(1, sizeof **way->hosts);
        way->hosts[number]->under_way_max =
            name && name[0] ? way->gateway->per_host : way->gateway->concurrency;
        way->hosts[number]->last = &way->hosts[number]->first;
    }
    return way->hosts[number];
}

static void give_back(struct dispatch *dispatch, struct parcel *parcel, enum outcome outcome,
                      const char *trouble, int64_t retry_after_ms)
{
    parcel->outcome = outcome;
    parcel->trouble = trouble ? xstrdup(trouble) : NULL;
    parcel->retry_after_ms = retry_after_ms;
    parcel->next = NULL;
    *dispatch->returned_last = parcel;
    dispatch->returned_last = &parcel->next;
    dispatch->under_way--;
}

static void start_next(struct host *host);

static void came_back(void *arg, enum outcome outcome, const char *trouble, int64_t retry_after_ms)
{
    struct attempt *attempt = arg;
    struct dispatch *dispatch = attempt->way->dispatch;
    struct host *host = attempt->host;
    assert((outcome == OUTCOME_DELIVERED) == !trouble);
    give_back(dispatch, attempt->parcel, outcome, trouble, retry_after_ms);
    free(attempt);
    host->under_way--;
    start_next(host);
    dispatch->changed(dispatch->arg);
}

static void start_next(struct host *host)
{
    while (host->first && host->under_way < host->under_way_max) {
        struct attempt *attempt = host->first;
        struct way *way = attempt->way;
        host->first = attempt->next;
        if (!host->first)
            host->last = &host->first;
        host->under_way++;
        way->gateway->channel->send(way->self, attempt->parcel, came_back, attempt);
    }
}

/* A gateway that was taken out of the configuration leaves its letters behind; they are for another
 * way then. */
static void refuse(struct dispatch *dispatch, struct parcel *parcel)
{
    give_back(dispatch, parcel, OUTCOME_REFUSED,
              tr("there is no such gateway any more", "该发送网关已不存在"), -1);
}

void dispatch_send(struct dispatch *dispatch, struct parcel *parcels)
{
    while (parcels) {
        struct parcel *parcel = parcels;
        struct way *way = way_of(dispatch, parcel->gateway);
        parcels = parcel->next;
        dispatch->under_way++;
        if (!way || !way->open) {
            refuse(dispatch, parcel);
            continue;
        }
        struct attempt *attempt = xcalloc(1, sizeof *attempt);
        *attempt = (struct attempt){.way = way, .parcel = parcel};
        attempt->host = host_of(way, parcel->host);
        *attempt->host->last = attempt;
        attempt->host->last = &attempt->next;
        start_next(attempt->host);
    }
    if (dispatch->returned)
        dispatch->changed(dispatch->arg);
}

int dispatch_under_way(const struct dispatch *dispatch)
{
    return dispatch->under_way;
}

bool dispatch_has_returned(const struct dispatch *dispatch)
{
    return dispatch->returned != NULL;
}

struct parcel *dispatch_take_returned(struct dispatch *dispatch)
{
    struct parcel *returned = dispatch->returned;
    dispatch->returned = NULL;
    dispatch->returned_last = &dispatch->returned;
    return returned;
}

/* `letters` NULL: all. */
static void recall_host(struct dispatch *dispatch, struct host *host, const struct intern *letters)
{
    struct attempt **link = &host->first;
    while (*link) {
        struct attempt *attempt = *link;
        if (letters && intern_find(letters, attempt->parcel->id) < 0) {
            link = &attempt->next;
            continue;
        }
        *link = attempt->next;
        attempt->parcel->recalled = true;
        give_back(dispatch, attempt->parcel, OUTCOME_RETRY, "", -1);
        free(attempt);
    }
    host->last = link;
}

static void recall(struct dispatch *dispatch, const struct intern *letters)
{
    for (size_t i = 0; i < dispatch->count; i++)
        for (uint32_t j = 0; j < dispatch->ways[i].names.count; j++)
            recall_host(dispatch, dispatch->ways[i].hosts[j], letters);
}

void dispatch_recall(struct dispatch *dispatch)
{
    recall(dispatch, NULL);
}

void dispatch_recall_ended(struct dispatch *dispatch, const struct intern *letters)
{
    if (letters->count > 0 && dispatch->under_way > 0)
        recall(dispatch, letters);
}

static void closed(void *arg)
{
    struct dispatch *dispatch = arg;
    dispatch->closing--;
}

bool dispatch_is_closed(const struct dispatch *dispatch)
{
    return dispatch->closing == 0;
}

void dispatch_close(struct dispatch *dispatch)
{
    for (size_t i = 0; i < dispatch->count; i++) {
        struct way *way = &dispatch->ways[i];
        if (!way->open)
            continue;
        way->open = false;
        dispatch->closing++;
        way->gateway->channel->close(way->self, closed, dispatch);
    }
}

void dispatch_free(struct dispatch *dispatch)
{
    if (!dispatch)
        return;
    for (size_t i = 0; i < dispatch->count; i++) {
        struct way *way = &dispatch->ways[i];
        for (uint32_t j = 0; j < way->names.count; j++)
            free(way->hosts[j]);
        free(way->hosts);
        intern_release(&way->names);
    }
    parcels_free(dispatch->returned);
    free(dispatch->ways);
    free(dispatch);
}
