/* The people: officers who approve, hold, file, pause, correct and change the policy; enterprises
 * that acknowledge in time, late, never, twice, or refuse. */
#ifndef TESTS_SIM_PEOPLE_H
#define TESTS_SIM_PEOPLE_H

struct event;
struct parcel;
struct sim;

void people_new(struct sim *sim);
void people_free(struct sim *sim);
void people_begin(struct sim *sim);
void people_hear(struct sim *sim, const struct event *event); /* the log */
void people_receive(struct sim *sim, const struct parcel *parcel);

#endif
