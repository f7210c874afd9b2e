/* The pace: rates, allowances, breakers, ramps. */
#include "base/xalloc.h"
#include "channel_memory.h"
#include "shell/pace.h"
#include <criterion/criterion.h>
#include <stdlib.h>

static struct gateway gateway;
static struct gateways gateways;
static struct pace *pace;

static void make_pace(micro rate, int burst)
{
    gateway = memory_gateway();
    gateway.concurrency = 64;
    gateway.rate = rate;
    gateway.burst = burst;
    gateways = memory_gateways(&gateway);
    pace = pace_new(&gateways);
}

static void away(void)
{
    pace_free(pace);
}

TestSuite(pace, .fini = away);

static void come_back(const char *host, enum outcome outcome, int64_t retry_after_ms,
                      instant_ms now, enum pace_news expected)
{
    char *name = xstrdup(host);
    struct parcel parcel = {
        .host = name, .outcome = outcome, .retry_after_ms = retry_after_ms, .taken = now};
    pace_taken(pace, 0, host, now);
    cr_expect_eq(pace_returned(pace, 0, &parcel, now), expected);
    free(name);
}

Test(pace, a_rate_is_kept_to_whatever_the_steps)
{
    make_pace(10 * MICRO, 5);
    int taken = 0;
    for (instant_ms now = 0; now <= 100000; now += 7) {
        while (pace_room(pace, 0, now) > 0) {
            pace_taken(pace, 0, "", now);
            pace_untaken(pace, 0, ""); /* it comes back at once */
            pace_taken(pace, 0, "", now);
            struct parcel parcel = {.host = NULL, .outcome = OUTCOME_DELIVERED, .taken = now};
            pace_returned(pace, 0, &parcel, now);
            taken++;
        }
    }
    cr_expect_leq(taken, 1005);
    cr_expect_geq(taken, 1003);
}

Test(pace, it_says_when_there_is_room_again)
{
    make_pace(MICRO, 1);
    cr_expect_eq(pace_room(pace, 0, 0), 1);
    pace_taken(pace, 0, "", 0);
    cr_expect_eq(pace_room(pace, 0, 0), 0);
    instant_ms again = pace_room_at(pace, 0, 0);
    cr_expect_eq(again, 1000);
    cr_expect_eq(pace_room(pace, 0, 999), 0);
    cr_expect_eq(pace_room(pace, 0, 1000), 1);
}

Test(pace, a_host_that_fails_is_left_alone_but_for_probes_and_ramped_up_after)
{
    instant_ms again, now = 0;
    make_pace(0, 1);
    for (int i = 0; i < 5; i++) {
        cr_assert(pace_admits(pace, 0, "h", now, &again));
        come_back("h", OUTCOME_RETRY, -1, now, i == 4 ? PACE_OPENED : PACE_SAME);
    }
    cr_expect_not(pace_admits(pace, 0, "h", now, &again));
    cr_expect_gt(again, now);
    cr_expect(pace_admits(pace, 0, "other", now, &(instant_ms){0}), "others are not concerned");
    now = again;
    cr_assert(pace_admits(pace, 0, "h", now, &again));
    pace_taken(pace, 0, "h", now);
    cr_expect_not(pace_admits(pace, 0, "h", now, &again), "one probe at a time");
    cr_expect_eq(again, INSTANT_NONE);
    pace_untaken(pace, 0, "h");
    come_back("h", OUTCOME_DELIVERED, -1, now, PACE_RECOVERED);
    int room = 0;
    while (room < 64 && pace_admits(pace, 0, "h", now, &again)) {
        pace_taken(pace, 0, "h", now);
        room++;
    }
    cr_expect_leq(room, 7, "a tenth of 64, after an outage");
    cr_expect_geq(room, 1);
}

Test(pace, probes_grow_rarer_up_to_five_minutes)
{
    instant_ms again, now = 0, before = 0;
    int64_t longest = 0;
    make_pace(0, 1);
    for (int i = 0; i < 5; i++)
        come_back("h", OUTCOME_RETRY, -1, now, i == 4 ? PACE_OPENED : PACE_SAME);
    for (int i = 0; i < 20; i++) {
        cr_assert_not(pace_admits(pace, 0, "h", now, &again));
        cr_assert_geq(again - now, before < 300000 ? before : 300000);
        before = longest = again - now;
        now = again;
        come_back("h", OUTCOME_RETRY, -1, now, PACE_SAME);
    }
    cr_expect_eq(longest, 300000);
}

Test(pace, a_host_that_says_when_is_taken_at_its_word_up_to_an_hour)
{
    instant_ms again;
    make_pace(0, 1);
    come_back("h", OUTCOME_RETRY, 90000, 0, PACE_SAME);
    cr_expect_not(pace_admits(pace, 0, "h", 89999, &again));
    cr_expect_eq(again, 90000);
    cr_expect(pace_admits(pace, 0, "h", 90000, &again));
    come_back("g", OUTCOME_RETRY, 90 * (int64_t)HOUR_MS, 0, PACE_SAME);
    cr_expect_not(pace_admits(pace, 0, "g", 1, &again));
    cr_expect_eq(again, HOUR_MS);
}

Test(pace, a_refusal_is_no_failure_of_the_host)
{
    make_pace(0, 1);
    for (int i = 0; i < 20; i++)
        come_back("h", OUTCOME_REFUSED, -1, 0, PACE_SAME);
    cr_expect(pace_admits(pace, 0, "h", 0, &(instant_ms){0}));
}

/* ---- who is slow ------------------------------------------------------------- */

enum { PLACES = 64, SLOW_MS = 250 };

static void make_webhooks(void)
{
    static struct channel webhook;
    make_pace(0, 1);
    webhook = *gateway.channel;
    webhook.address = ADDRESS_WEBHOOK;
    gateway.channel = &webhook;
}

static void take(int count, instant_ms now)
{
    cr_assert_geq(pace_room(pace, 0, now), count);
    for (int i = 0; i < count; i++)
        pace_taken(pace, 0, "", now);
}

static void answer(int count, instant_ms taken, instant_ms now)
{
    struct parcel parcel = {.outcome = OUTCOME_DELIVERED, .taken = taken};
    for (int i = 0; i < count; i++)
        pace_returned(pace, 0, &parcel, now);
}

Test(pace, who_does_not_answer_gives_up_its_place_and_not_its_turn)
{
    make_webhooks();
    take(PLACES, 1000);
    cr_expect_eq(pace_room(pace, 0, 1000), 0);
    cr_expect_eq(pace_room(pace, 0, 1000 + SLOW_MS - 1), 0);
    cr_expect_eq(pace_room_at(pace, 0, 1100), 1000 + SLOW_MS);
    cr_expect_eq(pace_room(pace, 0, 1000 + SLOW_MS), PLACES);
    answer(10, 1000, 1300); /* late, and of no consequence */
    cr_expect_eq(pace_room(pace, 0, 1300), PLACES);
}

Test(pace, slow_ones_are_bounded_too)
{
    make_webhooks();
    instant_ms now = 1000;
    for (int i = 0; i < 4; i++, now += SLOW_MS)
        take(PLACES, now);
    cr_expect_eq(pace_room(pace, 0, now + HOUR_MS), 0, "four times the places are under way");
    cr_expect_eq(pace_room_at(pace, 0, now + HOUR_MS), INSTANT_NONE, "one must come back first");
    answer(5, 1000, now + HOUR_MS);
    cr_expect_eq(pace_room(pace, 0, now + HOUR_MS), 5);
}

Test(pace, who_answers_frees_the_place_at_once)
{
    make_webhooks();
    take(PLACES, 1000);
    answer(PLACES, 1000, 1010);
    take(PLACES, 1010);
    cr_expect_eq(pace_room(pace, 0, 1020), 0);
    pace_untaken(pace, 0, "");
    cr_expect_eq(pace_room(pace, 0, 1020), 1);
}

Test(pace, one_server_behind_a_gateway_is_not_crowded_for_being_slow)
{
    make_pace(0, 1); /* its addresses are no hosts */
    take(PLACES, 1000);
    cr_expect_eq(pace_room(pace, 0, 1000 + HOUR_MS), 0);
}
