/* Chronicle: what one replay decided, kept so that it can be summed up, explained and compared.
 *
 * Decisions live only until the engine's next step; here they are copied, in order.  A *passage* is
 * one transition of a warning or one edge of a rota; an *episode* is the passages with one id. */
#ifndef CLI_CHRONICLE_H
#define CLI_CHRONICLE_H

#include "base/arena.h"
#include "base/str.h"
#include "engine/engine.h"
#include "engine/plan.h"

struct passage {
    instant_ms at, begin;
    enum decision_kind kind;
    const char *rule, *episode, *level, *from;
    const char *const *because;
    int because_count;
    bool planned; /* a plan came with it: the next four are known */
    struct share shares[EMISSIONS];
    size_t bound, orders_new, orders_changed, orders_released;
    char plan[HASH_HEX];
    const char *trace;         /* JSON, or NULL */
    const struct rule *source; /* borrowed from the program; or NULL */
};
struct episode {
    const char *id, *rule;
    size_t subject_size; /* the first so many bytes of the id name rule and subject */
    bool warning;        /* else a rota or watch */
    size_t *passages;    /* positions in chronicle.passages */
    size_t count, capacity;
    instant_ms issued, lifted; /* lifted: INSTANT_NONE while open at the end */
    const char *peak;          /* highest level, or NULL */
    int peak_level;
    size_t orders; /* orders and releases */
};
/* One order to one recipient. */
struct told {
    instant_ms at;
    int recipient; /* number in chronicle.recipients */
    int measures;  /* number in chronicle.measures; 0 is "[]" : nothing */
    bool release;
};
struct chronicle {
    struct arena arena;
    const struct policy *policy;
    bool keep_orders; /* else only counted */
    struct passage *passages;
    size_t passage_count, passage_capacity;
    struct episode *episodes; /* in order of first passage */
    size_t episode_count, episode_capacity;
    struct told *tolds;
    size_t told_count, told_capacity;
    struct intern episode_ids, recipients, measures;
    size_t counts[DECISION_KINDS];
    instant_ms last; /* of the last decision or fact seen */
};
void chronicle_init(struct chronicle *chronicle, const struct policy *policy, bool keep_orders);
void chronicle_add(struct chronicle *chronicle, const struct decision *decision);
/* The passage an order of this episode follows, or NULL. */
const struct passage *chronicle_passage_before(const struct chronicle *chronicle,
                                               const char *episode);
void chronicle_release(struct chronicle *chronicle);

bool decision_is_passage(enum decision_kind kind); /* issue … reopen, rota_start, rota_end */

#endif
