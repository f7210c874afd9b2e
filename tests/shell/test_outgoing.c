/* What leaves and what comes of it, over virtual hours: outages, refusals, exhausted attempts; and
 * that nothing ends in silence. */
#include "base/xalloc.h"
#include "post_box.h"
#include "shell/outgoing.h"
#include "store/outbox.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DUTY                                            \
    "duty:\n"                                           \
    "  - {name: 甲, phone: \"110-1\", role: duty}\n"   \
    "  - {name: 乙, phone: \"110-2\", role: deputy}\n" \
    "  - {name: 丙, phone: \"110-3\", role: supervisor}\n"
#define ROUTES                                                              \
    "routes:\n"                                                             \
    "  - {letters: [order, release], recipients: [enterprise], by: [hook]," \
    " fallback: [mail, sms]}\n" DUTY

static struct post_box box;

static void make(void)
{
    post_make(&box, ROUTES, NULL);
}

static void away(void)
{
    post_remove(&box);
}

TestSuite(outgoing, .init = make, .fini = away, .timeout = 120);

static bool is_by(const struct parcel *parcel, const char *gateway)
{
    return strcmp(parcel->gateway, gateway) == 0;
}

static enum outcome hook_retry(struct post_box *self, const struct parcel *parcel)
{
    (void)self;
    return is_by(parcel, "hook") ? OUTCOME_RETRY : OUTCOME_DELIVERED;
}

static enum outcome all_retry(struct post_box *self, const struct parcel *parcel)
{
    (void)self, (void)parcel;
    return OUTCOME_RETRY;
}

static enum outcome hook_gone(struct post_box *self, const struct parcel *parcel)
{
    (void)self;
    return is_by(parcel, "hook") ? OUTCOME_GONE : OUTCOME_DELIVERED;
}

static enum outcome orders_refused(struct post_box *self, const struct parcel *parcel)
{
    (void)self;
    return strcmp(parcel->kind, "page") == 0 ? OUTCOME_DELIVERED : OUTCOME_REFUSED;
}

static enum outcome duty_is_out(struct post_box *self, const struct parcel *parcel)
{
    (void)self;
    return strcmp(parcel->address, "110-3") == 0 ? OUTCOME_DELIVERED : OUTCOME_REFUSED;
}

Test(outgoing, a_letter_leaves_by_its_first_way_alone)
{
    post_order(&box, "one", "red", NULL);
    post_run(&box, box.shell.now + MINUTE_MS);
    cr_expect_eq(post_count(&box, "order hook"), 1);
    cr_expect_eq(post_count(&box, "order mail"), 0);
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM outbox WHERE state = 'reserve'"), 2);
}

Test(outgoing, exhausted_attempts_go_to_the_next_way)
{
    box.answer = hook_retry;
    post_order(&box, "one", "red", NULL);
    post_run(&box, box.shell.now + DAY_MS);
    cr_expect_eq(post_count(&box, "order hook"), 12);
    cr_expect_eq(post_count(&box, "order mail"), 1);
    cr_expect_eq(post_count(&box, "order sms"), 0);
    cr_expect_eq(post_count(&box, "page"), 0, "it was delivered after all");
}

Test(outgoing, a_letter_that_reaches_nobody_is_named_to_a_person)
{
    box.answer = orders_refused;
    post_order(&box, "one", "red", NULL);
    post_run(&box, box.shell.now + HOUR_MS);
    cr_expect_eq(post_count(&box, "order"), 3, "each way once: a refusal is final");
    cr_expect_eq(post_count(&box, "page sms 110-1"), 1);
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM letter WHERE kind = 'page'"
                                 " AND instr(CAST(body AS TEXT), 'one')"),
                 1);
}

Test(outgoing, lost_letters_share_pages_and_none_is_forgotten)
{
    box.answer = orders_refused;
    for (int i = 0; i < 60; i++) {
        char *id = xasprintf("letter-%02d", i);
        post_order(&box, id, "red", NULL);
        free(id);
        post_run(&box, box.shell.now + 20 * SECOND_MS);
    }
    post_run(&box, box.shell.now + HOUR_MS);
    cr_expect_leq(post_count(&box, "page"), 6, "at most one in five minutes");
    for (int i = 0; i < 60; i++) {
        char *sql = xasprintf("SELECT count(*) FROM letter WHERE kind = 'page'"
                              " AND instr(CAST(body AS TEXT), 'letter-%02d')",
                              i);
        cr_expect_geq(post_rows(&box, sql), 1, "letter-%02d", i);
        free(sql);
    }
}

Test(outgoing, a_page_climbs_until_somebody_is_reached)
{
    box.answer = duty_is_out;
    post_order(&box, "one", "red", NULL);
    post_run(&box, box.shell.now + HOUR_MS);
    cr_expect_eq(post_count(&box, "page sms 110-1"), 1);
    cr_expect_eq(post_count(&box, "page sms 110-2"), 1);
    cr_expect_eq(post_count(&box, "page sms 110-3"), 1);
    cr_expect_not(post_told(&box, "page.lost"));
}

Test(outgoing, an_address_that_is_gone_is_suspended_until_it_is_resumed)
{
    box.answer = hook_gone;
    post_order(&box, "one", "red", NULL);
    post_run(&box, box.shell.now + MINUTE_MS);
    cr_expect_eq(post_count(&box, "order hook"), 1);
    cr_expect_eq(post_count(&box, "order mail"), 1);
    cr_expect(post_told(&box, "address.suspended"));
    cr_expect_geq(post_count(&box, "page"), 1, "a person must look");
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM setting WHERE name ="
                                 " 'suspended/hook/https://plant.example/in'"),
                 1);
    const struct fact *resume = post_act(&box, "resume", "hook/https://plant.example/in", NULL);
    post_turn(&box, &resume, 1);
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM setting WHERE name LIKE 'suspended/%'"), 0);
}

Test(outgoing, retry_after_is_honoured)
{
    box.answer = hook_retry;
    box.retry_after_ms = 20 * MINUTE_MS;
    post_order(&box, "one", "red", NULL);
    post_run(&box, box.shell.now + 19 * MINUTE_MS);
    cr_expect_eq(post_count(&box, "order hook"), 1);
    post_run(&box, box.shell.now + 2 * MINUTE_MS);
    cr_expect_eq(post_count(&box, "order hook"), 2);
}

/* ---- an outage of six hours (E1) ------------------------------------------- */

enum { ENDPOINTS = 2000 };
static instant_ms up_at;
static int in_second[24 * 3600];

static enum outcome down_for_hours(struct post_box *self, const struct parcel *parcel)
{
    (void)parcel;
    long second = (long)((self->steady) / 1000);
    if (second >= 0 && second < 24 * 3600)
        in_second[second]++;
    return self->steady < up_at ? OUTCOME_RETRY : OUTCOME_DELIVERED;
}

Test(outgoing, after_six_hours_down_all_is_delivered_in_order_and_gently)
{
    box.gateways[0].rate = 50 * MICRO;
    box.gateways[0].burst = 50;
    pipeline_free(box.shell.pipeline);
    shell_open(&box.shell);
    post_turn(&box, NULL, 0);
    box.answer = down_for_hours;
    up_at = box.steady + 6 * HOUR_MS;
    for (int i = 0; i < ENDPOINTS; i++) {
        char *id = xasprintf("e%04d-1", i), *url = xasprintf("https://one.example/%04d", i);
        post_order(&box, id, "red", url);
        free(id);
        free(url);
    }
    post_run(&box, box.shell.now + 3 * HOUR_MS);
    for (int i = 0; i < ENDPOINTS; i += 10) {
        char *id = xasprintf("e%04d-2", i), *url = xasprintf("https://one.example/%04d", i);
        post_order(&box, id, "red", url);
        free(id);
        free(url);
    }
    post_run(&box, box.shell.now + 5 * HOUR_MS);
    cr_expect_eq(box.delivered, ENDPOINTS + ENDPOINTS / 10);
    cr_expect_gt(box.sent, box.delivered, "the outage was hit");
    cr_expect_leq(post_rows(&box, "SELECT max(attempts) FROM outbox"), 12);
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM outbox WHERE state <> 'delivered'"), 0);
    int most = 0;
    long up = (long)(up_at / 1000);
    for (long second = 0; second < 24 * 3600; second++)
        most = in_second[second] > most ? in_second[second] : most;
    cr_expect_leq(most, 100, "the rate, and one burst");
    for (long second = up; second < up + 60; second++)
        cr_expect_leq(in_second[second], 15, "ramped up from a tenth");
    cr_expect_eq(post_rows(&box, "SELECT count(*) FROM outbox a JOIN outbox b ON"
                                 " a.address = b.address AND a.serial < b.serial"
                                 " AND a.changed > b.changed"),
                 0, "in order");
}

/* ---- priority and ETA at one a second (E6) ----------------------------------- */

static void post_orders(int count, const char *level)
{
    for (int i = 0; i < count; i++) {
        char *id = xasprintf("%c%04d", level[0], i);
        char *url = xasprintf("https://h%d.example/%c", i, level[0]);
        post_order(&box, id, level, url);
        free(id);
        free(url);
    }
}

/* LETTERS of them, half of each level. */
Test(outgoing, at_one_a_second_red_goes_before_yellow_and_the_eta_is_true)
{
    int letters = number_from("LETTERS", 300);
    box.gateways[0].rate = MICRO;
    box.gateways[0].burst = 1;
    pipeline_free(box.shell.pipeline);
    shell_open(&box.shell);
    post_turn(&box, NULL, 0);
    post_orders(letters / 2, "yellow");
    post_orders(letters / 2, "red");
    int64_t eta = outgoing_eta_ms(&box.gateways[0], 0, letters);
    instant_ms from = box.shell.now;
    post_run(&box, from + eta / 2);
    cr_expect_eq(post_count(&box, " y"), 0, "red first");
    cr_expect_geq(post_count(&box, " r"), letters / 2 * 95 / 100);
    post_run(&box, from + eta * 105 / 100);
    cr_expect_eq(box.delivered, letters, "within five percent of the time that was told");
    cr_expect_geq(eta, (letters - 10) * (int64_t)SECOND_MS);
}

/* ---- the model (E4): every path ends ------------------------------------------- */

static uint64_t seed;

static uint64_t draw(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return seed >> 33;
}

static enum outcome by_chance(struct post_box *self, const struct parcel *parcel)
{
    (void)self;
    uint64_t dice = draw() % 10;
    if (strcmp(parcel->kind, "page") == 0)
        return dice < 3 ? OUTCOME_RETRY : OUTCOME_DELIVERED;
    return dice < 5   ? OUTCOME_RETRY
           : dice < 7 ? OUTCOME_REFUSED
           : dice < 8 ? OUTCOME_GONE
                      : OUTCOME_DELIVERED;
}

Test(outgoing, every_letter_ends_delivered_cancelled_or_with_a_person)
{
    int lost = 0, fallbacks = 0;
    for (int run = 0; run < 20; run++) {
        struct post_box model;
        seed = (uint64_t)run + 1;
        post_make(&model, ROUTES, NULL);
        model.answer = by_chance;
        for (int i = 0; i < 12; i++) {
            char *id = xasprintf("m%02d", i);
            post_order(&model, id, i % 2 ? "red" : "yellow", NULL);
            free(id);
            if (draw() % 3 == 0)
                post_crash(&model);
            if (draw() % 4 == 0) {
                char *about = xasprintf("m%02d", (int)(draw() % (uint64_t)(i + 1)));
                const struct fact *receipt = post_receipt(&model, about, "acknowledged");
                post_turn(&model, &receipt, 1);
                free(about);
            }
            post_run(&model, model.shell.now + (instant_ms)(draw() % HOUR_MS));
        }
        post_run(&model, model.shell.now + 4 * (instant_ms)DAY_MS);
        cr_expect_eq(post_rows(&model, "SELECT count(*) FROM outbox WHERE state IN"
                                       " ('waiting', 'sending')"),
                     0, "run %d: something is still under way", run);
        cr_expect_eq(post_rows(&model, "SELECT count(*) FROM outbox WHERE state = 'dead'"
                                       " AND told = 0"),
                     0, "run %d: somebody was not told", run);
        /* A letter without a delivery that has not ended must stand in a page, by its id, or have
         * been called undeliverable in one. */
        cr_expect_eq(
            post_rows(&model,
                      "SELECT count(*) FROM letter l WHERE kind = 'order' AND closed IS NULL"
                      " AND NOT EXISTS (SELECT 1 FROM outbox WHERE letter = l.id AND state ="
                      " 'delivered') AND NOT EXISTS (SELECT 1 FROM letter p WHERE p.kind = 'page'"
                      " AND instr(CAST(p.body AS TEXT), l.id))"
                      " AND EXISTS (SELECT 1 FROM outbox WHERE letter = l.id)"),
            0, "run %d: a letter ended in silence", run);
        lost += (int)post_rows(&model, "SELECT count(*) FROM letter WHERE kind = 'page'");
        fallbacks += post_count(&model, "order mail") + post_count(&model, "order sms");
        post_remove(&model);
    }
    cr_expect_gt(lost, 10, "the model reached its bad ends");
    cr_expect_gt(fallbacks, 10);
}

Test(outgoing, a_crash_repeats_no_more_than_was_under_way)
{
    for (int i = 0; i < 10; i++) {
        char *id = xasprintf("c%02d", i), *url = xasprintf("https://h%d.example/", i);
        post_order(&box, id, "red", url);
        free(id);
        free(url);
    }
    post_turn(&box, NULL, 0);
    int64_t sending = post_rows(&box, "SELECT count(*) FROM outbox WHERE state = 'sending'");
    cr_assert_gt(sending, 0);
    post_crash(&box);
    post_run(&box, box.shell.now + MINUTE_MS);
    cr_expect_eq(box.delivered, 10);
    cr_expect_leq(box.sent, 10 + (int)sending);
}

Test(outgoing, what_waits_for_a_gateway_that_is_gone_takes_another_way)
{
    box.answer = hook_retry;
    post_order(&box, "one", "red", NULL);
    post_order(&box, "two", "red", "https://other.example/");
    post_run(&box, box.shell.now + MINUTE_MS);
    cr_expect_eq(post_count(&box, "order mail"), 0);
    box.gateways[0].name = "renamed";
    post_crash(&box);
    post_run(&box, box.shell.now + MINUTE_MS);
    cr_expect_eq(post_count(&box, "order mail"), 1);
    cr_expect(post_told(&box, "gateway.gone"));
    cr_expect_geq(post_count(&box, "page sms 110-1"), 1, "the second had no other way");
}

Test(outgoing, a_page_that_reaches_nobody_is_an_alarm_in_the_log)
{
    box.answer = all_retry;
    post_order(&box, "one", "red", NULL);
    post_run(&box, box.shell.now + 10 * (instant_ms)DAY_MS);
    cr_expect(post_told(&box, "page.lost"));
}
