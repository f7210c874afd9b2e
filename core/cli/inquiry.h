/* Inquiry: what `yujing why` was asked about, and what was found.
 *
 * Passages are kept by the chronicle; orders and tasks are too many, so only those that the id may
 * name are kept, while the replay goes by. */
#ifndef CLI_INQUIRY_H
#define CLI_INQUIRY_H

#include "cli/chronicle.h"
#include "cli/options.h"

/* A decision that is no passage, but what ID may name: an order, a release, a task, an alarm, its
 * end. */
struct matched {
    instant_ms at;
    enum decision_kind kind;
    const char *id, *rule, *episode, *to, *measures, *text, *trace;
    const char *const *because;
    int because_count;
    size_t passage; /* the one before it in its episode, + 1; 0: none */
};
struct inquiry {
    const struct verb *verb;
    const char *id;
    struct chronicle chronicle; /* owns all strings */
    struct matched *matches;
    size_t count, capacity;
};

/* What was found: all passages of an episode, one passage, or some matches. */
struct answer {
    const struct episode *episode;
    const struct passage *passage;
    bool matches;
};

void inquiry_init(struct inquiry *inquiry, const struct verb *verb, const char *id,
                  const struct policy *policy);
/* A replay observer's `decided`, with the inquiry as its argument. */
int inquiry_decided(void *arg, const struct fact *cause, const struct decision *decision);
/* False: the complaint has been printed (nothing, or several things have that id). */
bool inquiry_find(const struct inquiry *inquiry, struct answer *ret_answer);
void inquiry_release(struct inquiry *inquiry);

#endif
