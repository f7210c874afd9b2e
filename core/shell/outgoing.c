/* Taking consignments: what leaves in a turn. */
#include "base/str.h"
#include "base/xalloc.h"
#include "shell/outgoing_inner.h"
#include "shell/settings.h"
#include "store/outbox.h"
#include <stdlib.h>
#include <string.h>

enum { ASIDE_MS = 1000 }; /* what waits for a host in trouble is not looked at before that */

struct outgoing *outgoing_new(const struct routing *routing)
{
    struct outgoing *outgoing = xcalloc(1, sizeof *outgoing);
    const struct gateways *gateways = routing_gateways(routing);
    outgoing->routing = routing;
    outgoing->pace = pace_new(gateways);
    outgoing->failing = xcalloc(gateways->count + 1, sizeof *outgoing->failing);
    return outgoing;
}

void outgoing_free(struct outgoing *outgoing)
{
    if (!outgoing)
        return;
    pace_free(outgoing->pace);
    free(outgoing->failing);
    free(outgoing);
}

struct taking {
    struct outgoing *outgoing;
    struct post *post;
    size_t gateway;
    instant_ms steady;
    int room;
    const char *refused; /* the host that has just said no: it has the same for its next letter */
    struct taken {
        int64_t serial;
        char *host;
    } * taken;
    int count, begun;
    struct parcel **end;
};

/* What waits for a host in trouble is put aside, letter by letter, so that there may be many. */
static void pass_over(struct taking *taking, int64_t serial, const char *host, instant_ms again)
{
    struct outgoing *outgoing = taking->outgoing;
    struct post *post = taking->post;
    if (again == INSTANT_NONE) {
        taking->refused = host;
        return;
    }
    if (outgoing->again == INSTANT_NONE || again < outgoing->again)
        outgoing->again = again;
    span_ms wait = again - taking->steady;
    if (pace_is_troubled(outgoing->pace, taking->gateway, host))
        outbox_defer(post->tx, serial, post->now + (wait > ASIDE_MS ? wait : ASIDE_MS));
}

static int consider(void *arg, int64_t serial, const char *host)
{
    struct taking *taking = arg;
    struct pace *pace = taking->outgoing->pace;
    instant_ms again;
    if (host == taking->refused)
        return 0;
    if (!pace_admits(pace, taking->gateway, host, taking->steady, &again)) {
        pass_over(taking, serial, host, again);
        return 0;
    }
    pace_taken(pace, taking->gateway, host, taking->steady);
    taking->taken[taking->count++] = (struct taken){serial, xstrdup(host)};
    return taking->count == taking->room;
}

static void add_parcel(void *arg, const struct consignment *consignment)
{
    struct taking *taking = arg;
    struct parcel *parcel = xcalloc(1, sizeof *parcel);
    *parcel = (struct parcel){
        .serial = consignment->serial,
        .id = xstrdup(consignment->key.letter),
        .kind = xstrdup(consignment->kind),
        .recipient = consignment->recipient ? xstrdup(consignment->recipient) : NULL,
        .gateway = xstrdup(consignment->key.gateway),
        .address = xstrdup(consignment->key.address),
        .host = xstrdup(consignment->host),
        .bytes = xmalloc(consignment->size + 1),
        .size = consignment->size,
        .attempts = consignment->attempts,
        .made = consignment->made,
        .taken = taking->steady,
        .retry_after_ms = -1,
    };
    memcpy(parcel->bytes, consignment->bytes, consignment->size);
    parcel->bytes[consignment->size] = 0;
    *taking->end = parcel;
    taking->end = &parcel->next;
    taking->begun++;
}

static void release(struct taking *taking)
{
    for (int i = 0; i < taking->count; i++) {
        if (i >= taking->begun)
            pace_untaken(taking->outgoing->pace, taking->gateway, taking->taken[i].host);
        free(taking->taken[i].host);
    }
    free(taking->taken);
}

static int priority_max(const struct post *post)
{
    return settings_paused(post->settings) ? PRIORITY_PAUSED : PRIORITY_ANY;
}

static int take_gateway(struct taking *taking)
{
    struct post *post = taking->post;
    const char *name = routing_gateways(taking->outgoing->routing)->items[taking->gateway].name;
    taking->room = pace_room(taking->outgoing->pace, taking->gateway, taking->steady);
    if (taking->room == 0)
        return 0;
    taking->taken = xcalloc((size_t)taking->room, sizeof *taking->taken);
    int err = outbox_ready(post->store, name, post->now, priority_max(post), consider, taking);
    for (int i = 0; err >= 0 && i < taking->count; i++)
        err = outbox_begin(post->tx, taking->taken[i].serial, add_parcel, taking);
    return err < 0 ? err : 0;
}

int outgoing_take(struct outgoing *outgoing, struct post *post, instant_ms steady,
                  struct parcel **ret_parcels)
{
    struct parcel **end = ret_parcels;
    int err = 0;
    outgoing->again = INSTANT_NONE;
    for (size_t i = 0; i < routing_gateways(outgoing->routing)->count && err == 0; i++) {
        struct taking taking = {
            .outgoing = outgoing, .post = post, .gateway = i, .steady = steady, .end = end};
        err = take_gateway(&taking);
        end = taking.end;
        release(&taking);
    }
    return err;
}

void outgoing_untake(struct outgoing *outgoing, const struct parcel *parcels)
{
    for (const struct parcel *p = parcels; p; p = p->next) {
        int gateway = gateways_find(routing_gateways(outgoing->routing), p->gateway);
        if (gateway >= 0)
            pace_untaken(outgoing->pace, (size_t)gateway, p->host);
    }
}

static void earlier(instant_ms *due, instant_ms at)
{
    if (at != INSTANT_NONE && (*due == INSTANT_NONE || at < *due))
        *due = at;
}

int outgoing_due(struct outgoing *outgoing, struct post *post, instant_ms steady,
                 instant_ms *ret_due, bool *ret_crowded)
{
    const struct gateways *gateways = routing_gateways(outgoing->routing);
    instant_ms wait = outgoing->again; /* in steady time */
    int priority = priority_max(post), err = 0;
    *ret_due = INSTANT_NONE;
    *ret_crowded = false;
    for (size_t i = 0; i < gateways->count && err == 0; i++) {
        const char *name = gateways->items[i].name;
        instant_ms next = INSTANT_NONE;
        bool due = false;
        err = outbox_next(post->store, name, post->now, priority, &due, &next);
        earlier(ret_due, next);
        if (!due)
            continue;
        *ret_crowded = true;
        earlier(&wait, pace_room_at(outgoing->pace, i, steady));
    }
    if (err < 0)
        return err;
    if (wait != INSTANT_NONE)
        earlier(ret_due, post->now + (wait > steady ? wait - steady : 0));
    return 0;
}

int64_t outgoing_eta_ms(const struct gateway *gateway, int64_t waiting, int64_t more)
{
    int64_t behind = waiting + more - gateway->burst;
    if (gateway->rate <= 0)
        return -1;
    return behind > 0 ? (int64_t)((wide)behind * MICRO * 1000 / gateway->rate) : 0;
}
