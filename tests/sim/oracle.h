/* The oracle: what was promised, kept outside of the daemon, and held against its store.
 *
 * It knows who was answered, what was approved, whose receipts were taken, and steps a replica of
 * the engine through the journal, row after row from the first, without a snapshot. */
#ifndef TESTS_SIM_ORACLE_H
#define TESTS_SIM_ORACLE_H

struct fact;
struct parcel;
struct sim;

void oracle_new(struct sim *sim);
void oracle_free(struct sim *sim);

/* A source was told that its fact is taken. */
void oracle_acknowledged(struct sim *sim, const struct fact *fact);
/* People look at a plan and sign it; then its orders, one by one. */
void oracle_approve(struct sim *sim, const char *hash);
void oracle_approve_order(struct sim *sim, const char *id);
/* A receipt or a withdrawal of the letter is committed: nothing of it may leave any more. */
void oracle_end_letter(struct sim *sim, const char *id);
/* A correction is: nothing of the letter itself. */
void oracle_correct_letter(struct sim *sim, const char *id);
/* A letter is handed to the dispatcher; an attempt begins. */
void oracle_handed_out(struct sim *sim, const struct parcel *parcel);
void oracle_sent(struct sim *sim, const struct parcel *parcel);

/* After the first turn of a start: the journal has all that was acknowledged, and decided what a
 * straight replay decides. */
void oracle_recovered(struct sim *sim);
/* At the end, when nothing goes wrong any more: every letter has come to its end, every order
 * exists once. */
void oracle_end(struct sim *sim);

#endif
