/* Per gateway the waiting ones, sorted; per address a chain by age; and all of them by serial. */
#include "store/queue.h"
#include "base/str.h"
#include "base/xalloc.h"
#include <stdlib.h>
#include <string.h>

struct entry {
    int64_t serial;
    instant_ms not_before;
    int gateway, host, address; /* address: INTERN_NONE where nobody reads */
    int priority;
    bool sending;
    struct entry *older, *newer; /* of one address */
};
struct lane { /* of one gateway: what waits, by priority and serial */
    struct entry **items;
    size_t start, count, capacity; /* items[start] … items[start + count - 1] */
};
struct queue {
    struct intern gateways, hosts, addresses;
    struct lane *lanes;     /* by gateway */
    struct entry **newests; /* by address */
    size_t lane_capacity, newest_capacity;
    struct entry **slots; /* by serial: open addressing, a power of two of them */
    size_t slot_count, count;
};

struct queue *queue_new(void)
{
    return xcalloc(1, sizeof(struct queue));
}

void queue_free(struct queue *queue)
{
    if (!queue)
        return;
    for (size_t i = 0; i < queue->slot_count; i++)
        free(queue->slots[i]);
    for (uint32_t i = 0; i < queue->gateways.count; i++)
        free(queue->lanes[i].items);
    free(queue->slots);
    free(queue->lanes);
    free(queue->newests);
    intern_release(&queue->gateways);
    intern_release(&queue->hosts);
    intern_release(&queue->addresses);
    free(queue);
}

/* ---- by serial ------------------------------------------------------------ */

/* Serials follow each other: left as they are they would stand in one row without a gap, and each
 * removal would walk it to its end. */
static size_t home_of(const struct queue *queue, int64_t serial)
{
    return (size_t)(((uint64_t)serial * 0x9e3779b97f4a7c15u) >> 32) & (queue->slot_count - 1);
}

static size_t slot_of(const struct queue *queue, int64_t serial)
{
    size_t mask = queue->slot_count - 1, slot = home_of(queue, serial);
    while (queue->slots[slot] && queue->slots[slot]->serial != serial)
        slot = (slot + 1) & mask;
    return slot;
}

static struct entry *find(const struct queue *queue, int64_t serial)
{
    return queue->slot_count > 0 ? queue->slots[slot_of(queue, serial)] : NULL;
}

static void grow_slots(struct queue *queue)
{
    struct entry **old = queue->slots;
    size_t count = queue->slot_count;
    if (queue->count * 2 < count)
        return;
    queue->slot_count = count > 0 ? count * 2 : 64;
    queue->slots = xcalloc(queue->slot_count, sizeof *queue->slots);
    for (size_t i = 0; i < count; i++)
        if (old[i])
            queue->slots[slot_of(queue, old[i]->serial)] = old[i];
    free(old);
}

/* Those behind the gap move up, so that nobody's way is interrupted. */
static void forget(struct queue *queue, int64_t serial)
{
    size_t mask = queue->slot_count - 1, gap = slot_of(queue, serial);
    queue->slots[gap] = NULL;
    queue->count--;
    for (size_t i = (gap + 1) & mask; queue->slots[i]; i = (i + 1) & mask) {
        size_t home = home_of(queue, queue->slots[i]->serial);
        if (((i - home) & mask) < ((i - gap) & mask))
            continue;
        queue->slots[gap] = queue->slots[i];
        queue->slots[i] = NULL;
        gap = i;
    }
}

/* ---- lanes ------------------------------------------------------------------ */

static struct lane *lane_of(const struct queue *queue, const char *gateway)
{
    int number = intern_find(&queue->gateways, gateway);
    return number >= 0 ? &queue->lanes[number] : NULL;
}

static bool leaves_before(const struct entry *a, const struct entry *b)
{
    return a->priority != b->priority ? a->priority < b->priority : a->serial < b->serial;
}

/* Where the entry is, or would be. */
static size_t place_of(const struct lane *lane, const struct entry *entry)
{
    size_t low = 0, high = lane->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (leaves_before(lane->items[lane->start + middle], entry))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void make_room(struct lane *lane)
{
    if (lane->start + lane->count < lane->capacity)
        return;
    if (lane->start > lane->capacity / 2) {
        memmove(lane->items, lane->items + lane->start, lane->count * sizeof *lane->items);
        lane->start = 0;
        return;
    }
    void *items = lane->items;
    xgrow(&items, lane->start + lane->count, &lane->capacity, sizeof *lane->items);
    lane->items = items;
}

static void line_up(struct queue *queue, struct entry *entry)
{
    struct lane *lane = &queue->lanes[entry->gateway];
    make_room(lane);
    size_t place = place_of(lane, entry);
    struct entry **at = lane->items + lane->start + place;
    memmove(at + 1, at, (lane->count - place) * sizeof *at);
    *at = entry;
    lane->count++;
}

static void step_out(struct queue *queue, struct entry *entry)
{
    struct lane *lane = &queue->lanes[entry->gateway];
    size_t place = place_of(lane, entry);
    struct entry **at = lane->items + lane->start + place;
    lane->count--;
    if (place == 0)
        lane->start++;
    else
        memmove(at, at + 1, (lane->count - place) * sizeof *at);
}

/* ---- addresses ---------------------------------------------------------------- */

static void chain(struct queue *queue, struct entry *entry)
{
    if (entry->address == INTERN_NONE)
        return;
    struct entry *older = queue->newests[entry->address], *newer = NULL;
    while (older && older->serial > entry->serial) {
        newer = older;
        older = older->older;
    }
    entry->older = older;
    entry->newer = newer;
    if (older)
        older->newer = entry;
    if (newer)
        newer->older = entry;
    else
        queue->newests[entry->address] = entry;
}

static void unchain(struct queue *queue, struct entry *entry)
{
    if (entry->address == INTERN_NONE)
        return;
    if (entry->older)
        entry->older->newer = entry->newer;
    if (entry->newer)
        entry->newer->older = entry->older;
    else
        queue->newests[entry->address] = entry->older;
}

/* What is said to one reader is said in order; but what is more urgent overtakes. */
static bool must_wait(const struct entry *entry)
{
    for (const struct entry *older = entry->older; older; older = older->older)
        if (older->gateway == entry->gateway && older->priority <= entry->priority)
            return true;
    return false;
}

/* ---- in and out ------------------------------------------------------------------- */

static int number_of(struct intern *names, const char *name, void **parallel, size_t *capacity,
                     size_t size)
{
    uint32_t known = names->count;
    int number = intern_add(names, name);
    if ((uint32_t)number == known) {
        xgrow(parallel, known, capacity, size);
        memset((char *)*parallel + known * size, 0, size);
    }
    return number;
}

static int address_number(struct queue *queue, const char *address)
{
    void *newests = queue->newests;
    int number = number_of(&queue->addresses, address, &newests, &queue->newest_capacity,
                           sizeof *queue->newests);
    queue->newests = newests;
    return number;
}

static int gateway_number(struct queue *queue, const char *gateway)
{
    void *lanes = queue->lanes;
    int number =
        number_of(&queue->gateways, gateway, &lanes, &queue->lane_capacity, sizeof *queue->lanes);
    queue->lanes = lanes;
    return number;
}

void queue_add(struct queue *queue, const struct queued *row)
{
    struct entry *entry = xcalloc(1, sizeof *entry);
    *entry = (struct entry){
        .serial = row->serial,
        .not_before = row->not_before,
        .gateway = gateway_number(queue, row->gateway),
        .host = intern_add(&queue->hosts, row->host),
        .address = row->address[0] ? address_number(queue, row->address) : INTERN_NONE,
        .priority = row->priority,
        .sending = row->sending,
    };
    grow_slots(queue);
    queue->slots[slot_of(queue, entry->serial)] = entry;
    queue->count++;
    chain(queue, entry);
    if (!entry->sending)
        line_up(queue, entry);
}

void queue_remove(struct queue *queue, int64_t serial)
{
    struct entry *entry = find(queue, serial);
    if (!entry)
        return;
    if (!entry->sending)
        step_out(queue, entry);
    unchain(queue, entry);
    forget(queue, serial);
    free(entry);
}

void queue_send(struct queue *queue, int64_t serial)
{
    struct entry *entry = find(queue, serial);
    if (!entry || entry->sending)
        return;
    step_out(queue, entry);
    entry->sending = true;
}

void queue_wait(struct queue *queue, int64_t serial, instant_ms not_before)
{
    struct entry *entry = find(queue, serial);
    if (!entry)
        return;
    entry->not_before = not_before;
    if (entry->sending)
        line_up(queue, entry);
    entry->sending = false;
}

/* ---- looking -------------------------------------------------------------------------- */

int queue_ready(const struct queue *queue, const char *gateway, instant_ms now, int priority_max,
                int (*each)(void *arg, int64_t serial, const char *host), void *arg)
{
    const struct lane *lane = lane_of(queue, gateway);
    int answer = 0;
    for (size_t i = 0; lane && i < lane->count && answer == 0; i++) {
        const struct entry *entry = lane->items[lane->start + i];
        if (entry->priority > priority_max)
            break;
        if (entry->not_before > now || must_wait(entry))
            continue;
        answer = each(arg, entry->serial, intern_name(&queue->hosts, entry->host));
    }
    return answer;
}

void queue_next(const struct queue *queue, const char *gateway, instant_ms now, int priority_max,
                bool *ret_due, instant_ms *ret_next)
{
    const struct lane *lane = lane_of(queue, gateway);
    *ret_due = false;
    *ret_next = INSTANT_NONE;
    for (size_t i = 0; lane && i < lane->count; i++) {
        const struct entry *entry = lane->items[lane->start + i];
        if (entry->priority > priority_max)
            break;
        if (entry->not_before <= now)
            *ret_due = true;
        else if (*ret_next == INSTANT_NONE || entry->not_before < *ret_next)
            *ret_next = entry->not_before;
    }
}

/* ---- moving times --------------------------------------------------------------------- */

int queue_hasten_host(struct queue *queue, const char *gateway, const char *host, instant_ms now,
                      int (*each)(void *arg, int64_t serial), void *arg)
{
    struct lane *lane = lane_of(queue, gateway);
    int number = intern_find(&queue->hosts, host), answer = 0;
    for (size_t i = 0; lane && i < lane->count && answer == 0; i++) {
        struct entry *entry = lane->items[lane->start + i];
        if (entry->host != number || entry->not_before <= now)
            continue;
        entry->not_before = now;
        answer = each(arg, entry->serial);
    }
    return answer;
}

int queue_hasten_address(struct queue *queue, const char *gateway, const char *address,
                         int priority_max, instant_ms now, int (*each)(void *arg, int64_t serial),
                         void *arg)
{
    int number = intern_find(&queue->addresses, address), answer = 0;
    int lane = intern_find(&queue->gateways, gateway);
    struct entry *entry = number >= 0 ? queue->newests[number] : NULL;
    for (; entry && answer == 0; entry = entry->older) {
        if (entry->gateway != lane || entry->sending || entry->not_before <= now ||
            entry->priority > priority_max)
            continue;
        entry->not_before = now;
        answer = each(arg, entry->serial);
    }
    return answer;
}

void queue_shift(struct queue *queue, span_ms by)
{
    for (uint32_t i = 0; i < queue->gateways.count; i++)
        for (size_t j = 0; j < queue->lanes[i].count; j++)
            queue->lanes[i].items[queue->lanes[i].start + j]->not_before += by;
}
