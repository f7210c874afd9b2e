/* A listing: one recipient's obligations as sentences and as JSON.
 *
 * Obligations that differ only in the line make one sentence, "1#炉、2#炉停止生产", and one JSON
 * object: the first of the group prints it.  A sentence comes from the measure's text in the
 * catalogue; what every measure may have besides (part of the day, a later beginning, a safety
 * minimum) is added here. */
#ifndef ENGINE_LISTING_H
#define ENGINE_LISTING_H

#include "engine/unite.h"

struct buf;

struct listing {
    const struct recipient *recipient;
    const struct obligations *set; /* settled */
    span_ms zone;
};
/* "1. …；\n2. …。"; nothing when there are none. */
void listing_print(struct buf *buf, const struct listing *list);
/* How it will be checked: each proof once, "…；…。". */
void listing_proofs(struct buf *buf, const struct listing *list);
/* An array of objects, one per measure, with the keys (where they apply) in the order
 * do, lines, percent, stage, hours, from, until, basis, safe, text. */
void listing_json(struct buf *buf, const struct listing *list);

#endif
