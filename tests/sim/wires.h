/* The net: channels whose endpoints answer, refuse, are slow, say “later”, or are gone; and what is
 * seen of the letters on their way. */
#ifndef TESTS_SIM_WIRES_H
#define TESTS_SIM_WIRES_H

#include "city.h"

struct channel;
struct dispatch;
struct parcel;
struct sim;

void wires_new(struct sim *sim);
void wires_free(struct sim *sim);
const struct channel *wires_channel(enum city_gateway gateway);
/* What the daemon hands out, and of what it has written down that it came back. */
void wires_handed_out(struct sim *sim, const struct parcel *parcels);
void wires_settled(struct sim *sim, const struct parcel *returned);
/* The process is gone: whatever is not settled may be sent once more. */
void wires_crash(struct sim *sim);
/* Frees a dispatcher whose process is gone. */
void wires_forget_dispatch(struct sim *sim, struct dispatch *dispatch);
struct wires_figures {
    int64_t attempts, taken, repeats, under_way_at_crashes;
};
struct wires_figures wires_figures(const struct sim *sim);

#endif
