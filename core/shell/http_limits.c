/* A hash table of addresses, chained, with those nobody is connected from in a list by age. */
#include "shell/http_limits.h"
#include "base/str.h"
#include "base/xalloc.h"
#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { BUCKETS = 4096, KEY_BYTES = 9, BURST_SECONDS = 2 };

struct http_address {
    unsigned char key[KEY_BYTES]; /* the family, then the address */
    int open;
    int64_t credit; /* thousandths of a request */
    int64_t credited_at;
    struct http_address *chain;           /* in its bucket */
    struct http_address *younger, *older; /* while nobody is connected */
};
struct http_limits {
    int per_ip_max, per_second;
    uint64_t seed; /* so that nobody can choose addresses that fall into one bucket */
    struct http_address *buckets[BUCKETS];
    struct http_address *youngest, *oldest;
    int unused;
};

static void key_of(const struct sockaddr *peer, unsigned char ret[KEY_BYTES])
{
    memset(ret, 0, KEY_BYTES);
    if (peer->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, peer, sizeof in);
        ret[0] = 4;
        memcpy(ret + 1, &in.sin_addr, 4);
    } else if (peer->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, peer, sizeof in6);
        bool mapped = IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr);
        ret[0] = mapped ? 4 : 6;
        memcpy(ret + 1, in6.sin6_addr.s6_addr + (mapped ? 12 : 0), mapped ? 4 : 8);
    }
}

static struct http_address **bucket_of(struct http_limits *limits, const unsigned char *key)
{
    char seeded[sizeof limits->seed + KEY_BYTES];
    memcpy(seeded, &limits->seed, sizeof limits->seed);
    memcpy(seeded + sizeof limits->seed, key, KEY_BYTES);
    return &limits->buckets[str_hash(seeded, sizeof seeded) % BUCKETS];
}

static struct http_address *find(struct http_limits *limits, const unsigned char *key)
{
    struct http_address *address = *bucket_of(limits, key);
    while (address && memcmp(address->key, key, KEY_BYTES) != 0)
        address = address->chain;
    return address;
}

/* ---- those nobody is connected from -------------------------------------- */

static void unused_take(struct http_limits *limits, struct http_address *address)
{
    *(address->younger ? &address->younger->older : &limits->youngest) = address->older;
    *(address->older ? &address->older->younger : &limits->oldest) = address->younger;
    address->younger = address->older = NULL;
    limits->unused--;
}

static void unused_put(struct http_limits *limits, struct http_address *address)
{
    address->older = limits->youngest;
    *(limits->youngest ? &limits->youngest->younger : &limits->oldest) = address;
    limits->youngest = address;
    limits->unused++;
}

static void forget_oldest(struct http_limits *limits)
{
    struct http_address *address = limits->oldest;
    unused_take(limits, address);
    struct http_address **link = bucket_of(limits, address->key);
    while (*link != address)
        link = &(*link)->chain;
    *link = address->chain;
    free(address);
}

/* ---- the contract -------------------------------------------------------- */

struct http_limits *http_limits_new(int per_ip_max, int per_second)
{
    struct http_limits *limits = xcalloc(1, sizeof *limits);
    limits->per_ip_max = per_ip_max;
    limits->per_second = per_second;
    if (getrandom(&limits->seed, sizeof limits->seed, 0) != sizeof limits->seed)
        limits->seed = 0;
    return limits;
}

void http_limits_free(struct http_limits *limits)
{
    if (!limits)
        return;
    for (int i = 0; i < BUCKETS; i++) {
        struct http_address *next;
        for (struct http_address *address = limits->buckets[i]; address; address = next) {
            next = address->chain;
            free(address);
        }
    }
    free(limits);
}

bool http_limits_admit(struct http_limits *limits, const struct sockaddr *peer)
{
    unsigned char key[KEY_BYTES];
    key_of(peer, key);
    const struct http_address *address = find(limits, key);
    return limits->per_ip_max < 0 || !address || address->open < limits->per_ip_max;
}

struct http_address *http_limits_opened(struct http_limits *limits, const struct sockaddr *peer,
                                        int64_t now)
{
    unsigned char key[KEY_BYTES];
    key_of(peer, key);
    struct http_address *address = find(limits, key);
    if (!address) {
        struct http_address **bucket = bucket_of(limits, key);
        address = xcalloc(1, sizeof *address);
        memcpy(address->key, key, KEY_BYTES);
        address->credit = (int64_t)limits->per_second * BURST_SECONDS * 1000;
        address->credited_at = now;
        address->chain = *bucket;
        *bucket = address;
    } else if (address->open == 0) {
        unused_take(limits, address);
    }
    address->open++;
    return address;
}

void http_limits_closed(struct http_limits *limits, struct http_address *address)
{
    assert(address->open > 0);
    if (--address->open > 0)
        return;
    unused_put(limits, address);
    if (limits->unused > HTTP_ADDRESSES_MAX)
        forget_oldest(limits);
}

int http_limits_wait(struct http_limits *limits, struct http_address *address, int64_t now)
{
    if (limits->per_second < 0)
        return 0;
    int64_t full = (int64_t)limits->per_second * BURST_SECONDS * 1000;
    int64_t since = now - address->credited_at;
    /* per_second requests in a thousand milliseconds: one thousandth each per millisecond */
    if (since >= BURST_SECONDS * 1000)
        address->credit = full;
    else if (since > 0)
        address->credit += since * limits->per_second;
    if (address->credit > full)
        address->credit = full;
    address->credited_at = now;
    if (address->credit < 1000)
        return 1;
    address->credit -= 1000;
    return 0;
}
