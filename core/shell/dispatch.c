/* Parcels out, parcels back; used by the loop's thread alone. */
#include "shell/dispatch.h"
#include "base/xalloc.h"
#include <assert.h>
#include <stdlib.h>

enum { PAUSE_FIRST_MS = 1000, PAUSE_LONGEST_MS = 5 * 60 * 1000 };

struct attempt {
    struct dispatch *dispatch;
    struct parcel *parcel;
};

void dispatch_init(struct dispatch *dispatch, const struct channel *channel, void *self,
                   int under_way_max, void (*changed)(void *arg), void *arg)
{
    *dispatch = (struct dispatch){.channel = channel,
                                  .self = self,
                                  .under_way_max = under_way_max,
                                  .changed = changed,
                                  .arg = arg};
    dispatch->returned_last = &dispatch->returned;
}

int dispatch_room(const struct dispatch *dispatch)
{
    return dispatch->channel ? dispatch->under_way_max - dispatch->under_way : 0;
}

static void came_back(void *arg, const char *trouble)
{
    struct attempt *attempt = arg;
    struct dispatch *dispatch = attempt->dispatch;
    struct parcel *parcel = attempt->parcel;
    free(attempt);
    parcel->trouble = trouble ? xstrdup(trouble) : NULL;
    parcel->next = NULL;
    *dispatch->returned_last = parcel;
    dispatch->returned_last = &parcel->next;
    dispatch->under_way--;
    dispatch->changed(dispatch->arg);
}

void dispatch_send(struct dispatch *dispatch, struct parcel *parcels)
{
    while (parcels) {
        assert(dispatch_room(dispatch) > 0);
        struct attempt *attempt = xcalloc(1, sizeof *attempt);
        *attempt = (struct attempt){dispatch, parcels};
        parcels = parcels->next;
        dispatch->under_way++;
        dispatch->channel->send(dispatch->self, attempt->parcel, came_back, attempt);
    }
}

struct parcel *dispatch_take_returned(struct dispatch *dispatch)
{
    struct parcel *returned = dispatch->returned;
    dispatch->returned = NULL;
    dispatch->returned_last = &dispatch->returned;
    return returned;
}

void dispatch_release(struct dispatch *dispatch)
{
    assert(dispatch->under_way == 0);
    parcels_free(dispatch->returned);
    if (dispatch->channel)
        dispatch->channel->close(dispatch->self);
}

long dispatch_pause_ms(int attempts)
{
    long pause = PAUSE_FIRST_MS;
    for (int i = 1; i < attempts && pause < PAUSE_LONGEST_MS; i++)
        pause *= 2;
    return pause < PAUSE_LONGEST_MS ? pause : PAUSE_LONGEST_MS;
}
