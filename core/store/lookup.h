/* Lookups: what those who look ask of the tables, beyond what the daemon's own work needs. */
#ifndef STORE_LOOKUP_H
#define STORE_LOOKUP_H

#include "model/fact.h"
#include "store/chases.h"
#include "store/ledger.h"
#include "store/outbox.h"
#include "store/receipts.h"

/* The row of the journal with this identity: 0, ERR_NOT_FOUND, ERR_STORE. */
int lookup_fact(struct store *store, const char *source, const char *id, int64_t *ret_seq);
/* The last row of the journal; 0: it is empty. */
int lookup_end(struct store *store, int64_t *ret_seq);
/* What people have decided since: the journal's decisions after `seq`, in order, until `each`
 * returns non-zero, which is then the answer.  Nothing leads to them but the journal itself, so
 * every row since is passed over: a shift of a busy city takes about a second. */
int lookup_acts(struct store *store, int64_t seq,
                int (*each)(void *arg, int64_t seq, const struct fact *fact), void *arg);
/* The same, and the receipts that people entered: those whose source is a person's. */
int lookup_doings(struct store *store, int64_t seq,
                  int (*each)(void *arg, int64_t seq, const struct fact *fact), void *arg);
/* Orders of the episode that were refused and are neither done nor replaced by a newer letter, in
 * the order they were made, until `each` returns non-zero: then the answer.  `each` may look on. */
int lookup_refused(struct store *store, const char *episode,
                   int (*each)(void *arg, const struct receipt_row *row), void *arg);
/* The act that ended the plan whose hash begins so: released, filed or expired; calls `each` with
 * the newest: then its answer, 0: none did, ERR_STORE.  Reads the kind of every decision, so it is
 * for who was refused. */
int lookup_plan_end(struct store *store, const char *digits,
                    int (*each)(void *arg, const struct ledger_row *row), void *arg);
/* How many letters a decision of that row made by itself: corrections, withdrawals, tests. */
int lookup_letters_made(struct store *store, int64_t seq, int64_t *ret_count);
/* How many letters the correction or withdrawal of that row cancelled, of which nothing had left;
 * `subject` names a letter, a plan or an episode, as the act does.  0 when the row is archived. */
int lookup_letters_cancelled(struct store *store, int64_t seq, const char *subject,
                             int64_t *ret_count);
/* Letters whose answer is awaited, the most overdue first, until `each` returns non-zero: then the
 * answer.  `each` may look on.  chase_count (chases.h) tells how many there are. */
int lookup_awaited(struct store *store, int max,
                   int (*each)(void *arg, const struct chase_row *row), void *arg);
/* Letters that were given up: none of their ways arrived or still may.  Each once, as the last of
 * its consignments that was given up; the newest first. */
int lookup_lost(struct store *store, int max,
                int (*each)(void *arg, const struct consignment *consignment), void *arg);
int lookup_count_lost(struct store *store, int64_t *ret_count);
/* Receipts of facts after `seq`, in order. */
int lookup_receipts(struct store *store, int64_t seq, int max,
                    int (*each)(void *arg, const struct receipt_row *row), void *arg);

#endif
