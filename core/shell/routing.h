/* Routing: which letter goes to whom, by which gateways, and what happens when they fail.
 *
 *     routes:                     # the first that fits decides
 *       - letters: [order, release, reminder]
 *         recipients: [enterprise, site, fleet]   # default: all
 *         levels: [orange, red]                   # default: all
 *         by: [hook, mail]                        # at once, all of them
 *         fallback: [sms, voice]                  # one after another, when none before has
 * delivered duty:
 *       - {name: 值班员, phone: …, email: …, webhook: …, role: duty}   # duty | deputy | supervisor
 *
 * A pure function of the configuration and the letter.  Pages go to the duty officers: to `duty` at
 * once, to `deputy` when nobody of them could be reached, then to `supervisor`; by the gateways of
 * a route for `page`, or by all that reach a person when there is none. */
#ifndef SHELL_ROUTING_H
#define SHELL_ROUTING_H

#include "model/registry.h"
#include "shell/gateways.h"
#include "shell/letter.h"

struct conf;
struct settings;

enum duty_role { DUTY, DUTY_DEPUTY, DUTY_SUPERVISOR, DUTY_ROLES };
struct duty_officer {
    const char *name, *phone, *email, *webhook;
    int role; /* enum duty_role */
};
enum { ROUTES_MAX = 64, DUTY_MAX = 32, WAYS_MAX = 128 };

struct routing;
/* `gateways` are borrowed.  ERR_INVALID with findings (D…). */
int routing_read(struct routing **ret_routing, const struct conf *conf,
                 const struct gateways *gateways, struct findings *findings);
void routing_free(struct routing *routing); /* NULL is fine */
const struct gateways *routing_gateways(const struct routing *routing);
const struct duty_officer *routing_duty(const struct routing *routing, size_t *ret_count);

/* One way of a letter; borrowed. */
struct way_out {
    const struct gateway *gateway;
    const char *address, *contact,
        *name; /* contact may be NULL; name: of the duty officer, or NULL */
    int rung;  /* 0: at once */
};
struct ways {
    struct way_out items[WAYS_MAX];
    int count;
    int suspended; /* left out for that */
};
/* What routing looks at. */
struct routed {
    enum letter_kind kind;
    const struct recipient *recipient; /* NULL: the public; ignored for pages */
    const char *level;                 /* or NULL */
    int contact;                       /* which of the recipient's contacts is meant first */
    bool everybody;                    /* a page that is for all roles at once */
};
/* Adds the letter's ways.  `settings` (suspended addresses) may be NULL. */
void routing_ways(const struct routing *routing, const struct routed *routed,
                  const struct settings *settings, struct ways *ways);
/* True when some route takes letters of this kind at all. */
bool routing_takes(const struct routing *routing, enum letter_kind kind);
/* The address of a contact for a gateway; NULL: it has none. */
const char *contact_address(const struct contact *contact, enum address_kind kind);
/* Whom not to crowd at that address; "" where it is the gateway itself.  Into `ret`. */
void routing_host(const struct gateway *gateway, const char *address, char *ret, size_t size);

/* The smaller leaves first: corrections, pages, orders by level, then reminders, then tests. */
int routing_priority(enum letter_kind kind, int level, int level_count);
/* While dispatch is paused only this and more urgent letters leave. */
enum { PRIORITY_ANY = 1000, PRIORITY_PAUSED = 9 };

#endif
