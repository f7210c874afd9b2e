/* Causes: demands made ready to be asked about one recipient after another.
 *
 * A rota's recipients are selected once, however many causes it is in.  Two sets are kept: the
 * causes in force after a change and those before it, which the plan's context lets one put
 * together again. */
#ifndef ENGINE_CAUSES_H
#define ENGINE_CAUSES_H

#include "engine/plan.h"
#include "engine/unite.h"

struct cause {
    int level;                /* the list at that level; -1: a rota */
    const struct rule *rota;  /* or NULL */
    const unsigned char *who; /* rota: by recipient */
    instant_ms from;
};
struct cause_list {
    struct cause *items;
    size_t count, capacity;
};
struct selection {
    const struct rule *rota;
    unsigned char *who;
};
struct causes {
    struct program *program;
    const struct policy *policy;
    struct cause_list now, before;
    struct selection *selections;
    size_t selection_count, selection_capacity;
    struct obligations part; /* what one cause asks */
};

/* ERR_SCRIPT with *reterr when a selector's function fails; release in either case. */
int causes_init(struct causes *causes, struct program *program, const struct plan_context *context,
                const struct demand *demands, size_t count, const char **reterr);
void causes_release(struct causes *causes);
/* Unites and settles what the causes of `list` (&causes->now or &causes->before) that begin by `by`
 * ask of the recipient.  Returns the latest start of those that ask anything, or INSTANT_NONE. */
instant_ms causes_collect(struct causes *causes, const struct cause_list *list, size_t recipient,
                          instant_ms by, struct obligations *set);
/* When the obligation begins to bind: the earliest start of a cause that by itself asks at least as
 * much; or INSTANT_NONE. */
instant_ms causes_start(struct causes *causes, size_t recipient,
                        const struct obligation *obligation);
/* What the list itself asks at a level: its duties, and of a long-stopped enterprise (长期停产),
 * which has nothing to reduce, the catalogue's measure `no_restart`: it must not begin again during
 * a warning. */
void collect_list(struct obligations *set, const struct policy *policy,
                  const struct recipient *recipient, int level);

#endif
