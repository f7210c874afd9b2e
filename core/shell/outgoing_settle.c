/* Settling: what became of attempts, and what waits for a gateway that is gone. */
#include "base/err.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "shell/outgoing_inner.h"
#include "shell/settings.h"
#include "store/chases.h"
#include "store/outbox.h"
#include <stdlib.h>

/* ---- what became of attempts --------------------------------------------------- */

struct settling {
    struct outgoing *outgoing;
    struct post *post;
    instant_ms steady;
    int failures, delivered;     /* of the gateway in hand */
    const struct parcel *failed; /* the first of them */
};

/* The letter's next way, or a person. */
static int fall_back(struct settling *settling, const struct parcel *parcel)
{
    struct post *post = settling->post;
    struct outbox_standing standing;
    int err = outbox_standing(post->store, parcel->id, &standing);
    if (err < 0 || standing.alive > 0 || standing.delivered > 0)
        return err;
    if (standing.next_rung >= 0)
        return outbox_promote(post->tx, parcel->id, standing.next_rung);
    if (!str_equal(parcel->kind, letter_kind_name(LETTER_PAGE)))
        return outbox_lost(post->tx, parcel->id);
    events_add(post->events, LOG_ALARM, "page.lost",
               tr("page %s reached nobody: %s", "呼叫 %s 未能送达任何人：%s"), parcel->id,
               parcel->trouble);
    return 0;
}

static int give_up(struct settling *settling, const struct parcel *parcel)
{
    events_tally(settling->post->events, "yujing_dead_letters_total", "gateway", parcel->gateway);
    int err = outbox_dead(settling->post->tx, parcel->serial, parcel->trouble);
    return err < 0 ? err : fall_back(settling, parcel);
}

static int suspend(struct settling *settling, const struct parcel *parcel)
{
    struct post *post = settling->post;
    events_add(post->events, LOG_ALARM, "address.suspended",
               tr("%s says that %s is no more (%s): suspended until it is resumed",
                  "%s 报告地址 %s 已失效（%s）：已停用，待人工恢复"),
               parcel->gateway, parcel->address, parcel->trouble);
    return settings_suspend(post->settings, post->tx, parcel->gateway, parcel->address,
                            parcel->trouble);
}

static int retry(struct settling *settling, const struct parcel *parcel, int attempts_max)
{
    int64_t pause = pace_pause_ms(parcel->id, parcel->attempts);
    int64_t asked = parcel->retry_after_ms < RETRY_AFTER_MAX_MS ? parcel->retry_after_ms
                                                                : (int64_t)RETRY_AFTER_MAX_MS;
    if (parcel->attempts >= attempts_max)
        return give_up(settling, parcel);
    return outbox_retry(settling->post->tx, parcel->serial,
                        settling->post->now + (asked > pause ? asked : pause), parcel->trouble);
}

static int write_down(struct settling *settling, const struct parcel *parcel,
                      const struct gateway *gateway)
{
    int err;
    if (parcel->recalled)
        return outbox_recall(settling->post->tx, parcel->serial);
    switch (parcel->outcome) {
    case OUTCOME_DELIVERED:
        settling->delivered++;
        return outbox_delivered(settling->post->tx, parcel->serial);
    case OUTCOME_RETRY:
        settling->failures++;
        settling->failed = settling->failed ? settling->failed : parcel;
        return retry(settling, parcel, gateway ? gateway->attempts_max : 1);
    case OUTCOME_GONE:
        err = parcel->address[0] ? suspend(settling, parcel) : 0;
        return err < 0 ? err : give_up(settling, parcel);
    case OUTCOME_REFUSED:
        break;
    }
    return give_up(settling, parcel);
}

/* A host that answers again need not wait for the end of long pauses; the pace holds it back. */
static int hear(struct settling *settling, struct parcel *parcel, int gateway)
{
    if (parcel->counted || gateway < 0)
        return 0;
    parcel->counted = true;
    enum pace_news news =
        pace_returned(settling->outgoing->pace, (size_t)gateway, parcel, settling->steady);
    return news == PACE_RECOVERED ? outbox_hasten(settling->post->tx, parcel->gateway,
                                                  parcel->host ? parcel->host : "")
                                  : 0;
}

/* A way that is closed concerns every letter and every attempt; it is said once, and once more when
 * it is open again. */
static void tell(struct settling *settling, int gateway, const char *name)
{
    struct events *events = settling->post->events;
    bool *said = &settling->outgoing->failing[gateway];
    if (*said && settling->delivered > 0)
        events_add(events, LOG_INFO, "order.sent", tr("letters go out again by %s", "%s 恢复发送"),
                   name);
    if (settling->failed && !(*said && settling->delivered == 0))
        events_add(events, LOG_WARNING, "order.failed",
                   tr("by %s: %d letters (%s first): %s; tried again until it succeeds, and not "
                      "said again",
                      "经 %s：%d 件（首件 %s）未能发送：%s；将持续重试，不再逐次提示"),
                   name, settling->failures, settling->failed->id, settling->failed->trouble);
    *said = settling->delivered > 0 ? false : *said || settling->failed;
}

static int settle_gateway(struct settling *settling, struct parcel *returned, int gateway)
{
    const struct gateways *gateways = routing_gateways(settling->outgoing->routing);
    const struct gateway *own = gateway >= 0 ? &gateways->items[gateway] : NULL;
    int err = 0;
    settling->failures = settling->delivered = 0;
    settling->failed = NULL;
    for (struct parcel *p = returned; p && err == 0; p = p->next) {
        if (gateways_find(gateways, p->gateway) != gateway)
            continue;
        err = hear(settling, p, gateway);
        if (err == 0)
            err = write_down(settling, p, own);
    }
    if (err == 0 && own)
        tell(settling, gateway, own->name);
    return err;
}

int outgoing_settle(struct outgoing *outgoing, struct post *post, struct parcel *returned,
                    instant_ms steady)
{
    struct settling settling = {.outgoing = outgoing, .post = post, .steady = steady};
    int count = returned ? (int)routing_gateways(outgoing->routing)->count : -1, err = 0;
    for (int gateway = -1; gateway < count && err == 0; gateway++)
        err = settle_gateway(&settling, returned, gateway);
    return err;
}

/* ---- a start ------------------------------------------------------------------------ */

enum { ORPHANS_MAX = 512 }; /* looked for at once; again until there are none */

struct orphans { /* of one gateway that is gone */
    struct settling settling;
    char *gateway;
    int64_t serials[ORPHANS_MAX];
    int count;
};

static int find_orphan(void *arg, const struct outbox_tally *tally)
{
    struct orphans *orphans = arg;
    const struct gateways *gateways = routing_gateways(orphans->settling.outgoing->routing);
    if (tally->state != OUTBOX_WAITING || gateways_find(gateways, tally->gateway) >= 0)
        return 0;
    orphans->gateway = xstrdup(tally->gateway);
    return 1;
}

static int collect_orphan(void *arg, int64_t serial, const char *host)
{
    struct orphans *orphans = arg;
    (void)host;
    orphans->serials[orphans->count++] = serial;
    return orphans->count == ORPHANS_MAX;
}

static void take_orphan(void *arg, const struct consignment *consignment)
{
    struct parcel *parcel = arg;
    *parcel = (struct parcel){
        .serial = consignment->serial,
        .id = xstrdup(consignment->key.letter),
        .kind = xstrdup(consignment->kind),
        .gateway = xstrdup(consignment->key.gateway),
        .address = xstrdup(consignment->key.address),
        .trouble = xstrdup(tr("there is no such gateway any more", "该发送网关已不存在")),
    };
}

static int give_up_orphan(struct orphans *orphans, int64_t serial)
{
    struct parcel *parcel = xcalloc(1, sizeof *parcel);
    int err = outbox_begin(orphans->settling.post->tx, serial, take_orphan, parcel);
    if (err == 0)
        err = give_up(&orphans->settling, parcel);
    parcel_free(parcel);
    return err;
}

/* 1: some were found, 0: there are none. */
static int give_up_orphans(struct outgoing *outgoing, struct post *post)
{
    struct orphans orphans = {.settling = {.outgoing = outgoing, .post = post}};
    int found = outbox_tally(post->store, find_orphan, &orphans), err = found < 0 ? found : 0;
    if (err == 0 && orphans.gateway)
        err = outbox_ready(post->store, orphans.gateway, INT64_MAX, PRIORITY_ANY, collect_orphan,
                           &orphans);
    for (int i = 0; err == 0 && i < orphans.count; i++)
        err = give_up_orphan(&orphans, orphans.serials[i]);
    if (err == 0 && orphans.count > 0)
        events_add(post->events, LOG_WARNING, "gateway.gone",
                   tr("%d letters waited for gateway %s, which is gone; they take another way",
                      "有 %d 件信件待经网关 %s 发送，该网关已不存在，改走其他渠道"),
                   orphans.count, orphans.gateway);
    free(orphans.gateway);
    return err < 0 ? err : orphans.count > 0;
}

int outgoing_restart(struct outgoing *outgoing, struct post *post)
{
    int found = outbox_restart(post->tx);
    if (found >= 0)
        found = chase_restart(post->tx);
    if (found < 0 || post->effects == EFFECTS_NONE)
        return found;
    do
        found = give_up_orphans(outgoing, post);
    while (found > 0);
    return found;
}
