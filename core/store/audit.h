/* The audit: whether the store still says what it was told, and if not, which row of which table
 * does not, and in what way.
 *
 * It reads and changes nothing, and works beside a running daemon. */
#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "store/anchor.h"

struct findings;

struct audit_options {
    int64_t from; /* only facts after this one; 0: all that the store holds */
    bool tail;    /* the chain only, not the tables beside it nor the file's structure */
    const struct anchor *anchors; /* kept elsewhere; borrowed */
    size_t anchor_count;
    /* Called now and then; may be NULL. */
    void (*progress)(void *arg, int64_t done, int64_t of);
    void *arg;
};
struct audit_report {
    int64_t first, last;             /* facts seen; last is 0 when there are none */
    int64_t facts, rows;             /* links verified: facts, and rows beside them */
    int64_t anchors;                 /* that fit, ours and those kept elsewhere */
    int damages;                     /* also those that findings leave out */
    unsigned char chain[HASH_BYTES]; /* the last link */
};
/* 0: sound.  1: damage, with a finding (D11x) for the first bad row of each table and kind of
 * damage.  ERR_STORE: it could not be read; ask store_message. */
int audit_verify(struct store *store, const struct audit_options *options,
                 struct audit_report *ret_report, struct findings *findings);
/* What a start does: from the newest anchor on. */
int audit_tail(struct store *store, struct audit_report *ret_report, struct findings *findings);
/* The last fact that arrived before the instant (0: none did); -1 when the store cannot be read. */
int64_t audit_seq_before(struct store *store, instant_ms arrival);

#endif
