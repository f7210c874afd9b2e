/* Plans: what a decision makes each recipient do.
 *
 * One arithmetic for every cause.  A *demand* is one cause that is in force (a warning at a level,
 * a rota's measure); all demands that bind a recipient are united, the strictest per line and kind
 * (stop > lower cap > higher cap; bans united), never below a line's safety minimum, and guaranteed
 * enterprises are capped where the list would stop them.  The result is compared with what the
 * recipient was last told: only a difference makes an order, and it carries the full list. */
#ifndef ENGINE_PLAN_H
#define ENGINE_PLAN_H

#include "base/arena.h"
#include "base/hash.h"
#include "engine/rule.h"

struct obligation;

/* One cause in force.  Exactly one of `level` ≥ 0 (the registry's own list at that level) and
 * `rota` is set. */
struct demand {
    const struct rule *rule; /* whose demand it is */
    int level;               /* position in policy.levels, or -1 */
    const struct rule *rota; /* a rota whose `who` minus `except` must do its measure; or NULL */
    instant_ms from, to;     /* to: INSTANT_NONE until lifted */
};

/* What the recipient was last told; all zero: nothing.  Kept by the engine, one per recipient; it
 * is replaced by `order.now` as a whole, and both fields belong into a snapshot.
 *
 * A warning may be announced for tomorrow while a rota runs today; so there is what binds in the
 * end, and what binds until then.  Only while `from` is still to come does the second matter: the
 * mere passing of time changes nothing for anybody. */
struct holding {
    unsigned char hash[16]; /* SHA-256, 8 bytes each: of the canonical measures in the end, and
                               until `from` */
    instant_ms
        from; /* when the last of them begins, as far as it had not begun when told; else 0 */
};

enum order_change { ORDER_NEW, ORDER_CHANGED, ORDER_RELEASED };
struct order {
    char id[33];   /* hex: SHA-256 of (rule, subject, start, recipient, revision), cut to 32 */
    int recipient; /* position in registry.recipients */
    enum order_change change;
    const char
        *measures;      /* canonical JSON array, one object per line and kind; "[]" when released */
    const char *text;   /* good official Chinese */
    struct holding now; /* what the recipient holds after this order */
    const struct obligation *asks; /* what `measures` says, for whoever watches it */
    size_t ask_count;
};
struct share {
    micro cut, total;     /* t/d; total: of the whole city */
    int required_percent; /* 0: none is asked */
};
struct plan {
    struct arena arena;
    struct order *orders; /* by recipient position */
    size_t count;
    size_t bound;     /* recipients with any measure under the demands, changed or not */
    size_t untouched; /* bound, but nothing changes for them */
    struct share shares[EMISSIONS]; /* all demands together */
    const char
        *notice; /* what the public reads, by notices/public_KIND.txt; NULL: the bundle has none */
    char hash[HASH_HEX]; /* covers rule, subject, level, begin, recipients, measures, texts; no ETA
                          */
};
/* What the decision is: goes into texts, ids and the hash. */
struct plan_context {
    const struct rule *rule; /* the deciding rule */
    const char *subject;     /* area code */
    instant_ms start;        /* of the episode or instance: part of identities */
    int revision;
    const char *kind;      /* issue raise lower lift reopen rota_start rota_end */
    int level, from_level; /* positions, or -1 */
    instant_ms begin; /* when it takes effect; what has begun before `at` takes effect at `at` */
    instant_ms at;    /* when it was decided or first proposed: engine_now() then */
    bool drill;       /* text begins with 【演练】 */
};
/* Builds the plan for the recipients' holdings (array as long as the registry) under `demands`.
 * `program` is asked for where= selectors (results are cached per rule).  ERR_SCRIPT with *reterr
 * when one fails. */
int plan_build(struct plan *ret_plan, struct program *program, const struct plan_context *context,
               const struct demand *demands, size_t demand_count, const struct holding *holdings,
               const char **reterr);
void plan_release(struct plan *plan);

/* Recipients a selector selects, as a byte per recipient position, 0 or 1 (caller frees); NULL and
 * *reterr on a script error.  Works for ENTERPRISE, SITE and FLEET selectors. */
unsigned char *selector_recipients(struct program *program, const struct selector *selector,
                                   const char **reterr);

/* Shares of one level's own list, without holdings or texts: for `check` and `list evaluate`. */
void plan_shares(const struct policy *policy, int level, struct share ret[EMISSIONS]);
/* cut / total ≥ required %, exactly. */
bool share_reached(const struct share *share);
/* In tenths of a percent, rounded down, so that 19.96 never reads as reached; 0 without a total.
 * Everyone who shows a share shows this figure. */
int64_t share_tenths(const struct share *share);
/* "21.3" */
void share_print(struct buf *buf, const struct share *share);

#endif
