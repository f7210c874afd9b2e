/* What a recipient reads: the notice in official Chinese.
 *
 * Words that all recipients of a plan share are made once (order_words.c); per recipient only its
 * own are printed (order_text.c).  Nothing here decides anything: it prints obligations that are
 * settled. */
#ifndef ENGINE_ORDER_TEXT_H
#define ENGINE_ORDER_TEXT_H

#include "base/buf.h"
#include "engine/listing.h"
#include "engine/notice.h"
#include "engine/plan.h"

/* The words of one plan.  Borrows the plan's arena. */
struct order_words {
    const struct policy *policy;
    const char *values[SLOTS];
    struct notice_template change[3]; /* by enum order_change */
    instant_ms effective;             /* when the order takes effect */
    bool drill;
};
void order_words_init(struct order_words *words, struct arena *arena, const struct policy *policy,
                      const struct plan_context *context);

/* Buffers that one recipient after another uses.  Zero-initialised is empty. */
struct order_parts {
    struct buf measures, proof, changes;
};
void order_parts_release(struct order_parts *parts);

/* The notice.  `before`: what the recipient held before; NULL when that is not known, so that the
 * changes cannot be listed one by one. */
void order_text(struct buf *buf, struct order_parts *parts, const struct order_words *words,
                const struct listing *now, const struct order *order,
                const struct obligations *before);

/* The public notice (公告) of a warning's change, by notices/public_KIND.txt of the bundle
 * (public_issue.txt …); NULL when the bundle has none.  In the arena. */
const char *public_text(struct arena *arena, const struct order_words *words,
                        const struct plan_context *context, const struct plan *plan);

#endif
