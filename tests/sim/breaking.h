/* Negative controls that break the store from inside, by triggers of the connection: the code under
 * test is the real one, and the rows do not do what it asked. */
#ifndef TESTS_SIM_BREAKING_H
#define TESTS_SIM_BREAKING_H

struct sim;
struct store;

/* At each start, after the store was opened. */
void breaking_open(struct sim *sim, struct store *store);

#endif
