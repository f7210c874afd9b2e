/* The post: a letter is made, routed, rendered for each of its ways, and put into the outbox, in
 * the transaction of what it follows from.
 *
 * A letter that has no way at all is never silence: an alarm says so, and alarms page the duty
 * officers (pages.h). */
#ifndef SHELL_POST_H
#define SHELL_POST_H

#include "shell/events.h"
#include "shell/generation.h"
#include "shell/routing.h"
#include "shell/template.h"

struct intern;
struct store;
struct store_tx;

/* Makes the address of a one-tap receipt page.  On the worker's thread. */
struct ack_links {
    char *(*link)(void *arg, const char *letter, const char *recipient); /* caller frees; or NULL */
    void *arg;
};
struct post { /* all borrowed, for one transaction */
    struct store *store;
    struct store_tx *tx;
    const struct generation *generation;
    const struct routing *routing;
    struct settings *settings;
    const struct ack_links *ack; /* NULL: there is no such page */
    struct events *events;
    enum effects effects; /* none: consignments are marked as shadow */
    bool drill;
    instant_ms now;       /* wall clock */
    int letters;          /* made; counted up */
    struct intern *ended; /* letters of which nothing more may leave; or NULL: nobody asks */
};
/* A letter has ended: tells it and what was written about it to whoever hands letters out. */
int post_ended(struct post *post, const char *letter);
/* Makes a letter and routes it.  0, also when it exists already; ERR_STORE. */
int post_letter(struct post *post, const struct letter *letter);
/* The same, for the second contact first, or for all roles at once. */
int post_letter_to(struct post *post, const struct letter *letter, int contact, bool everybody);
/* The same by the ways given. */
int post_by(struct post *post, const struct letter *letter, const struct ways *ways);
/* The words of a letter of the daemon's own, by the policy's template or ours; in a drill they say
 * so first. */
void post_fill(struct buf *buf, const struct post *post, enum template_kind kind,
               const struct template_value *values);
/* The registry's entry, or NULL. */
const struct recipient *post_recipient(const struct post *post, const char *id);

#endif
