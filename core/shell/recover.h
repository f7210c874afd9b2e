/* Recovery, which is the same path as every start: the newest snapshot, then the tail of the
 * journal. */
#ifndef SHELL_RECOVER_H
#define SHELL_RECOVER_H

#include "shell/generation.h"

struct recovery {
    int64_t snapshot; /* seq of the snapshot it began with, 0: at the journal's beginning */
    int64_t last;     /* seq of the last row, 0: the journal is empty */
    int64_t replayed; /* rows of the tail */
    int64_t differs; /* first row whose decisions are not those on record (another version decided);
                        0: none. The record stands: nothing is decided twice. */
};
/* `at_hand` may be NULL, or a bundle that is probably the one in force (generation_at_hand).
 * The engine as it was after the journal's last row; *ret_generation is NULL when the journal is
 * empty.  On failure ERR_STORE when the store refused (ask it why), or findings when a kept policy
 * can no longer be compiled. */
int recover(struct store *store, const struct bundle *at_hand, const struct engine_options *options,
            struct generation **ret_generation, struct recovery *ret_recovery,
            struct findings *findings);

#endif
