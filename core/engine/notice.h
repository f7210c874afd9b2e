/* Notices: templates with {placeholders}, filled many times.
 *
 * A template is compiled once per plan into pieces of text and slots, then printed once per
 * recipient.  What the templates say is policy data (notices/NAME.txt of the bundle); a bundle
 * without them gets plain words. A placeholder that is not a slot is the text of
 * `notices/PLACEHOLDER_LEVEL.txt`, so that a notice can name {health} and each level has its own;
 * or else the policy's figure of that name, as in force when the notice takes effect ({law});
 * anything else is a mistake that notices_check reports. */
#ifndef ENGINE_NOTICE_H
#define ENGINE_NOTICE_H

#include "base/when.h"

#include <stddef.h>

struct arena;
struct buf;
struct findings;
struct policy;

/* In the order of the names in notice.c, which README.md of the bundle explains one by one. */
enum slot {
    SLOT_ACTION,
    SLOT_AREA,
    SLOT_ARTICLE,
    SLOT_AUTHORITY,
    SLOT_CHANGES,
    SLOT_DOCUMENT,
    SLOT_DOCUMENT_DATE,
    SLOT_EFFECTIVE,
    SLOT_FROM_LEVEL,
    SLOT_FROM_RESPONSE,
    SLOT_ID,
    SLOT_ISSUED,
    SLOT_LEVEL,
    SLOT_MEASURES,
    SLOT_NAME,
    SLOT_NUMBER,
    SLOT_ORDER,
    SLOT_PROOF,
    SLOT_RECIPIENTS,
    SLOT_RESPONSE,
    SLOT_SHARES,
    SLOT_SIGNER,
    SLOT_TITLE,
    SLOTS,
};

struct notice_piece {
    const char *text; /* literal; NULL: a slot */
    size_t size;
    enum slot slot;
};
struct notice_template {
    struct notice_piece *pieces;
    size_t count;
};
/* `level` (a level's name, or NULL) chooses the texts, `at` the figures for {placeholders} that are
 * no slots. */
struct notice_template notice_compile(struct arena *arena, const struct policy *policy,
                                      const char *text, const char *level, instant_ms at);
/* A line that holds nothing but a slot without a value is left out. */
void notice_print(struct buf *buf, const struct notice_template *template,
                  const char *const values[SLOTS]);
/* Unknown placeholders, a text missing for a level, a brace that begins nothing, orders that cannot
 * be taken back in words of their own (T001 … T004). */
void notices_check(const struct policy *policy, struct findings *findings);

#endif
