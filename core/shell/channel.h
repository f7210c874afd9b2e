/* A way out of the building: what every channel is, and the list of those there are.
 *
 * A channel may transmit the same order twice, after a crash, always with the same id and the same
 * bytes; so it must be one on which that does no harm.  Channel objects exist only where effects
 * may leave: none in shadow. */
#ifndef SHELL_CHANNEL_H
#define SHELL_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>

typedef struct uv_loop_s uv_loop_t;
struct findings;

/* One order on its way out, and the news of it on its way back.  Owned, all of it. */
struct parcel {
    char *id;
    char *recipient; /* or NULL */
    char *bytes;
    size_t size;
    int attempts;  /* this one counts */
    char *trouble; /* why the attempt failed; NULL: it was delivered */
    struct parcel *next;
};
void parcel_free(struct parcel *parcel);   /* one */
void parcels_free(struct parcel *parcels); /* a whole list */

/* What the bytes are for.  Paper goes to the rooms of a drill: every text must carry 【演练】. Live
 * goes to the world: no text may. */
enum effects { EFFECTS_NONE, EFFECTS_PAPER, EFFECTS_LIVE };
/* NULL when the bytes may leave by a channel for these effects, else why not. */
const char *parcel_refused(const struct parcel *parcel, enum effects effects);

struct channel_options {
    enum effects effects; /* never EFFECTS_NONE */
    const char *folder;   /* spool */
};
typedef void channel_done(void *arg,
                          const char *trouble); /* trouble: NULL, or borrowed for the call */
struct channel {
    const char *name; /* as it stands in the outbox */
    int (*open)(void **ret_self, uv_loop_t *loop, const struct channel_options *options,
                struct findings *findings);
    /* Starts sending.  The parcel is borrowed until `done`, which is called exactly once, later,
     * from the loop. */
    void (*send)(void *self, const struct parcel *parcel, channel_done *done, void *arg);
    void (*close)(void *self); /* nothing may be under way; NULL is fine */
};
extern const struct channel channel_spool;

#endif
