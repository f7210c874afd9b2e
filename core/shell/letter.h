/* A letter: the bytes in which an order travels, rendered once, when it is decided. */
#ifndef SHELL_LETTER_H
#define SHELL_LETTER_H

struct buf;
struct decision;
struct policy;

/* One JSON object and a newline:
 * {"order","kind","at","rule","title","episode","level","begin","to","name","measures","text","policy"}.
 * Depends on the decision and the policy alone, so a replay of the journal renders equal bytes. */
void letter_print(struct buf *buf, const struct decision *decision, const struct policy *policy,
                  const char *policy_hash);

#endif
