/* The outbox: consignments, each one letter by one gateway to one address, and how far each has
 * come.
 *
 * They are written in the transaction in which their letter is made, with the very bytes that every
 * attempt will send.  An attempt is written down before it begins (`sending`); after a crash those
 * are attempted again, under the same id and with the same bytes. */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "store/store.h"

enum outbox_state {
    OUTBOX_SHADOW,  /* decided while effects were `none`: it never leaves */
    OUTBOX_RESERVE, /* a fallback, not needed yet */
    OUTBOX_WAITING,
    OUTBOX_SENDING,
    OUTBOX_DELIVERED,
    OUTBOX_DEAD, /* given up: another way, or a person, takes over */
    OUTBOX_CANCELLED,
    OUTBOX_STATES
};
const char *outbox_state_name(enum outbox_state state); /* "shadow" … */

/* What identifies a consignment. */
struct outbox_key {
    const char *letter, *gateway, *address;
};
struct consignment { /* borrowed */
    struct outbox_key key;
    const char *contact, *host; /* contact may be NULL; host: whom not to crowd, or "" */
    int rung;                   /* 0: at once; 1, 2 …: when those before have failed */
    int priority;               /* the smaller leaves first */
    enum outbox_state state;
    const void *bytes; /* on this way; writing: NULL means the letter's own */
    size_t size;
    /* Filled by reading. */
    int64_t serial;
    int attempts; /* outbox_begin: this one counts */
    instant_ms not_before, changed;
    const char *trouble;          /* or NULL */
    const char *kind, *recipient; /* of the letter; recipient may be NULL */
    instant_ms made;              /* the letter */
};
/* Adds a consignment of a letter that was just made.  Older ones that wait for the same address are
 * tried again at once, so that the new one is not held up behind them. */
int outbox_put(struct store_tx *tx, const struct consignment *consignment);

/* Waiting consignments of the gateway that are due, the most urgent first and none less urgent than
 * `priority_max`, until `each` returns non-zero: then the answer.  One to an address for which an
 * older one, no less urgent, still waits or is under way is left out: what is said to one reader is
 * said in order.  `each` may defer it; the host stays at its place until the next change. */
int outbox_ready(struct store *store, const char *gateway, instant_ms now, int priority_max,
                 int (*each)(void *arg, int64_t serial, const char *host), void *arg);
/* Marks one as sending and hands it over; to be sent only after the commit.  Bytes that no longer
 * match their hash are ERR_STORE. */
int outbox_begin(struct store_tx *tx, int64_t serial,
                 void (*each)(void *arg, const struct consignment *consignment), void *arg);
/* Of what waits for the gateway: whether some is due, and when the next of the rest will be;
 * INSTANT_NONE: nothing else waits. */
int outbox_next(struct store *store, const char *gateway, instant_ms now, int priority_max,
                bool *ret_due, instant_ms *ret_next);

/* What became of an attempt.  A letter that has ended meanwhile is not attempted again: then
 * outbox_retry, outbox_recall and outbox_restart cancel. */
int outbox_delivered(struct store_tx *tx, int64_t serial);
int outbox_retry(struct store_tx *tx, int64_t serial, instant_ms not_before, const char *trouble);
int outbox_dead(struct store_tx *tx, int64_t serial, const char *trouble);
/* No way is left for the letter: its dead ones wait to be named in a page. */
int outbox_lost(struct store_tx *tx, const char *letter);
/* It was never begun. */
int outbox_recall(struct store_tx *tx, int64_t serial);
/* At a start: what was being sent when we died is due again. */
int outbox_restart(struct store_tx *tx);

/* How a letter stands, over all its ways. */
struct outbox_standing {
    int delivered, alive; /* waiting or under way */
    int next_rung;        /* of its reserve; -1: it has none */
    int dead;
};
int outbox_standing(struct store *store, const char *letter, struct outbox_standing *ret);
/* Its reserve of that rung becomes waiting. */
int outbox_promote(struct store_tx *tx, const char *letter, int rung);
/* The letter has ended: what of it waits or is in reserve is cancelled; superseded, it still goes
 * where nobody reads. */
int outbox_end(struct store_tx *tx, const char *letter, const char *why);
/* A waiting one is not due before `until`; forgotten at a start, like the pace. */
void outbox_defer(struct store_tx *tx, int64_t serial, instant_ms until);
/* The host's waiting ones are due now. */
int outbox_hasten(struct store_tx *tx, const char *gateway, const char *host);
/* The wall clock was moved by `by`, and everything that waits with it; also what is due already, or
 * it would wait again when the clock was set back. */
int outbox_shift(struct store_tx *tx, span_ms by);

/* Letters that are lost and that no page has named yet, at most `max`, the oldest first: the last
 * consignment of each, until `each` returns non-zero. */
int outbox_untold(struct store *store, int max,
                  int (*each)(void *arg, const struct consignment *consignment), void *arg);
int outbox_count_untold(struct store *store, int64_t *ret_count);
/* The same `max` are told now. */
int outbox_tell(struct store_tx *tx, int max);

/* ---- for those who look ------------------------------------------------- */

int outbox_count(struct store *store, int64_t ret_counts[OUTBOX_STATES]);
struct outbox_tally {
    const char *gateway;
    enum outbox_state state;
    int64_t count;
    instant_ms oldest; /* when the oldest of their letters was made */
};
/* Gateway by gateway. */
int outbox_tally(struct store *store, int (*each)(void *arg, const struct outbox_tally *tally),
                 void *arg);
/* The consignments of one letter, and all of them in the order they were made, until `each` returns
 * non-zero: then the answer.  `bytes` are filled. */
int outbox_of(struct store *store, const char *letter,
              int (*each)(void *arg, const struct consignment *consignment), void *arg);
int outbox_read(struct store *store, int (*each)(void *arg, const struct consignment *consignment),
                void *arg);

#endif
