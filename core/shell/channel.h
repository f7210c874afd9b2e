/* A way out of the building: what every channel is, and the list of those there are.
 *
 * A channel may transmit the same letter twice, after a crash, always with the same id and the same
 * bytes; so it must be one on which that does no harm.  Channel objects exist only where effects
 * may leave: none in shadow.
 *
 * A channel is the code of a kind; a gateway is one configured use of it (`gateways: NAME: {kind:
 * …}`).  A parcel is one letter on its way by one gateway to one address. */
#ifndef SHELL_CHANNEL_H
#define SHELL_CHANNEL_H

#include "base/decimal.h"
#include "base/when.h"
#include "shell/clock.h"
#include <stdbool.h>
#include <stddef.h>

typedef struct uv_loop_s uv_loop_t;
struct arena;
struct buf;
struct findings;
struct log;
struct metrics;
struct yaml;

/* What a channel needs to know of whom it reaches. */
enum address_kind {
    ADDRESS_NONE,      /* nothing: a file, a feed; one consignment for each letter */
    ADDRESS_RECIPIENT, /* the registry id */
    ADDRESS_WEBHOOK,   /* a contact's URL */
    ADDRESS_EMAIL,
    ADDRESS_PHONE,
};
enum outcome {
    OUTCOME_DELIVERED,
    OUTCOME_RETRY,
    OUTCOME_REFUSED, /* permanent: never again this way */
    OUTCOME_GONE,    /* the address is no more (410): it is suspended, and a person must look */
};

/* What a letter says, for rendering.  Borrowed; everything a channel may put into its bytes. */
struct message {
    const char *id, *kind, *about; /* about: the letter it concerns, or NULL */
    const char *rule, *title, *episode, *level, *level_title, *response; /* may be NULL */
    const char *recipient, *name;  /* registry id and name; NULL: the public, the duty officer */
    const char *contact, *address; /* who and where; contact may be NULL */
    const char *subject, *text;    /* Chinese, as people read it; subject is one line */
    const char *body;              /* the letter's JSON */
    size_t body_size;
    const char *ack_url;    /* one-tap receipt page, or NULL */
    const char *references; /* CAP: "ID,SENT" of the earlier messages of the episode, separated by
                               blanks, SENT as jw_instant prints it; or NULL */
    const char *decision_kind; /* of public letters: issue raise lower lift reopen …; else NULL */
    instant_ms at, begin;      /* begin: INSTANT_NONE when it has none */
    span_ms zone;
    bool drill;
    const char *authority, *city;
};

enum { RETRY_AFTER_MAX_MS = HOUR_MS }; /* longer than this we do not let ourselves be put off */

/* One consignment on its way out, and the news of it on its way back.  Owned, all of it. */
struct parcel {
    int64_t serial; /* of the consignment */
    char *id, *kind;
    char *recipient;         /* or NULL */
    char *gateway, *address; /* address: "" where the channel needs none */
    char *host;              /* whom not to crowd: the address's host, or "" */
    char *bytes;
    size_t size;
    int attempts;     /* this one counts */
    instant_ms made;  /* the letter */
    instant_ms taken; /* by the pace, in its time */
    /* The news. */
    enum outcome outcome;
    char *trouble;          /* why it was not delivered; NULL: it was */
    int64_t retry_after_ms; /* as the other side asked; −1: not said */
    bool recalled;          /* it was never begun: we are stopping */
    bool counted;           /* the pace knows that it is back */
    struct parcel *next;
};
void parcel_free(struct parcel *parcel);   /* one */
void parcels_free(struct parcel *parcels); /* a whole list */

/* What the bytes are for.  Paper goes to the rooms of a drill: every text must carry 【演练】. Live
 * goes to the world: no text may. */
enum effects { EFFECTS_NONE, EFFECTS_PAPER, EFFECTS_LIVE };
/* NULL when the bytes may leave by a channel for these effects, else why not. */
const char *parcel_refused(const struct parcel *parcel, enum effects effects);

struct gateway;
struct channel_options {
    enum effects effects; /* never EFFECTS_NONE */
    struct clock clock;
    const struct log *log;
    const struct gateway *gateway;
    struct metrics *metrics; /* may be NULL */
};
/* `trouble`: NULL when delivered; borrowed for the call. */
typedef void channel_done(void *arg, enum outcome outcome, const char *trouble,
                          int64_t retry_after_ms);
struct channel {
    const char *kind; /* as the configuration says it */
    enum address_kind address;
    /* Reads the kind's own keys of `gateways: NAME:` into memory of the arena; `common` keys
     * (gateways.h) are already read and may stand in the node.  ERR_INVALID with findings. */
    int (*read)(void **ret_conf, struct arena *arena, const struct yaml *node,
                const char *conf_path, struct findings *findings);
    /* Pure, on the worker's thread, when the letter is made: its bytes on this way, so that the
     * bytes sent are those that were previewed.  NULL, or nothing added: the letter's body.  Needs
     * no secret. */
    int (*render)(const void *conf, const struct message *message, struct buf *ret_bytes);
    /* How many of the gateway's own units (segments of a short message) the letter is; NULL: one.
     * Pure. */
    int (*units)(const void *conf, const struct message *message);
    /* Whether this machine has what an `open` will need, such as a program: for a look before the
     * start.  NULL: nothing is asked.  ERR_INVALID with findings at lines of the gateway's node. */
    int (*check)(const void *conf, const struct yaml *node, struct findings *findings);
    int (*open)(void **ret_self, uv_loop_t *loop, const void *conf,
                const struct channel_options *options, struct findings *findings);
    /* Starts sending.  The parcel is borrowed until `done`, which is called exactly once, later,
     * from the loop. */
    void (*send)(void *self, const struct parcel *parcel, channel_done *done, void *arg);
    /* Nothing may be under way; `self` may be NULL.  `closed` is called once, now or later from the
     * loop. */
    void (*close)(void *self, void (*closed)(void *arg), void *arg);
};
extern const struct channel channel_spool, channel_webhook, channel_smtp, channel_http, channel_sms,
    channel_voice, channel_robot, channel_mqtt, channel_command, channel_cap;
/* A `render` for programs as receivers: the letter's JSON with one member more, "ack_url", where it
 * is answered; nothing when nobody is asked to. */
int channel_render_json(const void *conf, const struct message *message, struct buf *ret_bytes);
/* By its kind, or NULL. */
const struct channel *channel_of(const char *kind);
/* All kinds, NULL-terminated: for messages. */
const char *const *channel_kinds(void);

/* One configured way out. */
struct gateway {
    const char *name;
    const struct channel *channel;
    void *conf;       /* the kind's own, as its `read` made it */
    micro rate;       /* letters a second; 0: no limit */
    int burst;        /* letters at once, before the rate bites */
    int concurrency;  /* handed to the channel and not yet back */
    int per_host;     /* of those, under way at one host */
    int attempts_max; /* then the next way */
    span_ms timeout;  /* of one attempt, for the channel to keep */
    const struct yaml *node;
};

#endif
