/* Webhooks: the table of answers, the signature as a receiver checks it, the guard. */
#include "base/buf.h"
#include "base/webhook.h"
#include "base/xalloc.h"
#include "outlet.h"
#include "peer.h"
#include "room.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char secret[] = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
static const char secret_before[] = "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";
static char folder[64];
static struct outlet outlet;
static struct peer peer;
static char url[128];

static void set_up(void)
{
    snprintf(folder, sizeof folder, "/tmp/yujing-hook-XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    room_write(folder, "secret", secret, 0600);
    room_write(folder, "before", secret_before, 0600);
    outlet_init(&outlet);
    peer_open(&peer, &outlet.loop, peer_http);
    snprintf(url, sizeof url, "http://127.0.0.1:%d/hook/1", peer.port);
}

static void tear_down(void)
{
    room_remove(folder);
}

TestSuite(channel_webhook, .init = set_up, .fini = tear_down, .timeout = 60);

static void open_hook(const char *more)
{
    char *yaml = xasprintf("secret_files: [%s/secret, %s/before]\n%s", folder, folder, more);
    outlet_open(&outlet, "webhook", yaml);
    free(yaml);
}

static void end(void)
{
    peer_close(&peer);
    outlet_close(&outlet);
}

static const char allow[] = "allow: [127.0.0.0/8]\n";

static const struct row {
    const char *answer;
    enum outcome outcome;
    int64_t retry_after_ms;
} table[] = {
    {"200 OK", OUTCOME_DELIVERED, -1},
    {"201 Created", OUTCOME_DELIVERED, -1},
    {"202 Accepted", OUTCOME_DELIVERED, -1},
    {"204 No Content", OUTCOME_DELIVERED, -1},
    {"299 Fine", OUTCOME_DELIVERED, -1},
    {"301 Moved\r\nLocation: http://127.0.0.1/", OUTCOME_REFUSED, -1},
    {"302 Found\r\nLocation: http://[::1]/", OUTCOME_REFUSED, -1},
    {"304 Not Modified", OUTCOME_REFUSED, -1},
    {"307 Temporary Redirect\r\nLocation: /", OUTCOME_REFUSED, -1},
    {"400 Bad Request", OUTCOME_REFUSED, -1},
    {"401 Unauthorized", OUTCOME_REFUSED, -1},
    {"404 Not Found", OUTCOME_REFUSED, -1},
    {"408 Request Timeout", OUTCOME_RETRY, -1},
    {"409 Conflict", OUTCOME_REFUSED, -1},
    {"410 Gone", OUTCOME_GONE, -1},
    {"425 Too Early", OUTCOME_RETRY, -1},
    {"429 Too Many Requests", OUTCOME_RETRY, -1},
    {"429 Too Many Requests\r\nRetry-After: 120", OUTCOME_RETRY, 120000},
    {"500 Oops", OUTCOME_RETRY, -1},
    {"502 Bad Gateway", OUTCOME_RETRY, -1},
    {"503 Busy\r\nRetry-After: 7", OUTCOME_RETRY, 7000},
    {"504 Late", OUTCOME_RETRY, -1},
};

Test(channel_webhook, every_answer_means_what_the_table_says)
{
    open_hook(allow);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char answer[256];
        bool none = strncmp(table[i].answer, "204", 3) == 0 || table[i].answer[0] == '3';
        snprintf(answer, sizeof answer, "HTTP/1.1 %s\r\n%s\r\n%s", table[i].answer,
                 none ? "Content-Length: 0\r\n" : "Content-Length: 9\r\n",
                 none ? "" : "why\n\tnot!");
        peer.script = answer;
        struct sent *sent = outlet_send(&outlet, "letter", url, "{}");
        outlet_run(&outlet, outlet.count);
        cr_expect_eq(sent->outcome, table[i].outcome, "%s: %d", table[i].answer, sent->outcome);
        cr_expect_eq(sent->retry_after_ms, table[i].retry_after_ms, "%s", table[i].answer);
        cr_expect_eq(sent->trouble[0] == 0, sent->outcome == OUTCOME_DELIVERED);
        if (!none && *sent->trouble)
            cr_expect_not_null(strstr(sent->trouble, ": why  not!"), "%s", sent->trouble);
    }
    cr_expect_eq(peer.requests, (int)(sizeof table / sizeof *table), "no redirect was followed");
    end();
}

/* As the receiver does it: with one of the secrets it knows. */
static enum webhook_verdict verify(const char *request, const char *with, int64_t now_s)
{
    struct webhook_secret key;
    cr_assert_eq(webhook_secret_read(&key, with), 0);
    const char *body = body_of(request);
    struct webhook_message message = {
        .id = header_of(request, "webhook-id"),
        .timestamp = header_of(request, "webhook-timestamp"),
        .signature = header_of(request, "webhook-signature"),
        .body = body,
        .size = strtoul(header_of(request, "content-length"), NULL, 10),
    };
    return webhook_verify(&key, 1, &message, now_s);
}

Test(channel_webhook, a_receiver_can_verify_with_either_secret)
{
    struct message message = outlet_message();
    open_hook(allow);
    peer.script = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    message.address = url;
    outlet_send_message(&outlet, &message);
    outlet_run(&outlet, 1);
    const char *request = buf_str(&peer.requested);
    int64_t now = outlet.now / 1000;
    cr_expect_eq(verify(request, secret, now), WEBHOOK_ACCEPTED);
    cr_expect_eq(verify(request, secret_before, now), WEBHOOK_ACCEPTED);
    cr_expect_eq(verify(request, "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWE=", now),
                 WEBHOOK_UNSIGNED);
    cr_expect_eq(verify(request, secret, now + 3600), WEBHOOK_OLD);
    cr_expect_str_eq(header_of(request, "content-type"), "application/json");
    cr_expect_str_eq(header_of(request, "idempotency-key"), message.id);
    cr_expect_str_eq(body_of(request), "{\"order\":\"0123456789abcdef\",\"text\":\"停产\","
                                       "\"ack_url\":\"https://yujing.example.cn/r/abc?d=1\"}\n");
    /* The control: one changed byte. */
    char *changed = xstrdup(request);
    changed[strlen(changed) - 3] ^= 1;
    cr_expect_eq(verify(changed, secret, now), WEBHOOK_UNSIGNED);
    free(changed);
    end();
}

Test(channel_webhook, a_second_attempt_has_the_same_id_and_bytes_and_a_new_time)
{
    char *first;
    open_hook(allow);
    peer.script = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
    outlet_send(&outlet, "letter-1", url, "{\"a\":1}\n");
    outlet_run(&outlet, 1);
    first = xstrdup(buf_str(&peer.requested));
    buf_clear(&peer.requested);
    outlet.now += 30 * SECOND_MS;
    outlet_send(&outlet, "letter-1", url, "{\"a\":1}\n");
    outlet_run(&outlet, 2);
    const char *second = buf_str(&peer.requested);
    cr_expect_str_eq(header_of(first, "webhook-id"), "letter-1");
    cr_expect_str_eq(header_of(second, "webhook-id"), "letter-1");
    cr_expect_str_eq(body_of(first), body_of(second));
    cr_expect_eq(atoll(header_of(second, "webhook-timestamp")) -
                     atoll(header_of(first, "webhook-timestamp")),
                 30);
    cr_expect_str_neq(header_of(first, "webhook-signature"),
                      header_of(second, "webhook-signature"));
    cr_expect_eq(verify(second, secret, outlet.now / 1000), WEBHOOK_ACCEPTED);
    free(first);
    end();
}

Test(channel_webhook, what_must_not_be_reached_is_refused_and_not_tried)
{
    static const char *const bad[] = {
        "http://127.0.0.1:%d/",
        "https://127.0.0.1:%d/",
        "http://127.1:%d/",
        "https://[::1]:%d/",
        "https://0x7f000001:%d/",
        "https://017700000001:%d/",
        "https://2130706433:%d/",
        "https://localhost:%d/",
        "https://LOCALHOST.:%d/",
        "https://[::ffff:7f00:1]:%d/",
        "https://0.0.0.0:%d/",
        "https://169.254.169.254/%d",
        "https://10.0.0.1:%d/",
        "https://192.168.1.1:%d/",
        "https://172.16.0.1:%d/",
        "https://100.64.0.1:%d/",
        "https://[fd00::1]:%d/",
        "https://[fe80::1]:%d/",
        "https://[64:ff9b::7f00:1]:%d/",
        "https://224.0.0.1:%d/",
        "https://user@example.com:%d/",
        "https://example.com@127.0.0.1:%d/",
        "file:///etc/passwd?%d",
        "gopher://127.0.0.1:%d/",
        "ftp://127.0.0.1:%d/",
        "//127.0.0.1:%d/",
        "https:///x%d",
        "https://exa mple.com:%d/",
        "https://例子.cn:%d/",
        "https://127.0.0.1\\@a.cn:%d/",
        "https://a.cn%%00.b:%d/",
        "https://[::1%%25lo]:%d/",
        "javascript:alert(%d)",
        "",
    };
    int count = (int)(sizeof bad / sizeof *bad);
    open_hook("");
    for (int i = 0; i < count; i++) {
        char address[256];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-extra-args"
        snprintf(address, sizeof address, bad[i], peer.port);
#pragma GCC diagnostic pop
        struct sent *sent = outlet_send(&outlet, "x", address, "{}");
        outlet_run(&outlet, outlet.count);
        cr_expect_eq(sent->outcome, OUTCOME_REFUSED, "%s: %d %s", address, sent->outcome,
                     sent->trouble);
    }
    cr_expect_eq(peer.callers, 0, "somebody was called");
    end();
}

/* curl resolves *.localhost to the loopback by itself: a name of others that means our machine. */
Test(channel_webhook, a_name_that_means_this_machine_is_refused_when_it_is_connected_to)
{
    char address[128];
    open_hook("");
    snprintf(address, sizeof address, "https://intern.localhost:%d/", peer.port);
    struct sent *sent = outlet_send(&outlet, "x", address, "{}");
    outlet_run(&outlet, 1);
    cr_expect_eq(sent->outcome, OUTCOME_REFUSED, "%s", sent->trouble);
    cr_expect_eq(peer.callers, 0);
    end();
}

/* The control of the two above: the same name and address, when the site has listed them. */
Test(channel_webhook, what_the_site_has_listed_is_reached)
{
    char address[128], rules[64];
    snprintf(rules, sizeof rules, "allow: ['127.0.0.1:%d', '[::1]:%d']\n", peer.port, peer.port);
    open_hook(rules);
    peer.script = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    snprintf(address, sizeof address, "http://intern.localhost:%d/", peer.port);
    outlet_send(&outlet, "x", address, "{}");
    outlet_send(&outlet, "y", url, "{}");
    outlet_run(&outlet, 2);
    cr_expect_eq(outlet.sent[0].outcome, OUTCOME_DELIVERED, "%s", outlet.sent[0].trouble);
    cr_expect_eq(outlet.sent[1].outcome, OUTCOME_DELIVERED, "%s", outlet.sent[1].trouble);
    cr_expect_eq(peer.requests, 2);
    end();
}

static void tarpit(struct caller *caller)
{
    (void)caller;
}

Test(channel_webhook, a_tarpit_is_tried_again_and_does_not_hold_up_the_others)
{
    struct peer tar = {0};
    char slow[64];
    peer_open(&tar, &outlet.loop, tarpit);
    snprintf(slow, sizeof slow, "http://127.0.0.2:%d/", tar.port);
    peer.script = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    outlet.gateway.timeout = 1500;
    open_hook(allow);
    snprintf(slow, sizeof slow, "http://127.0.0.1:%d/", tar.port);
    for (int i = 0; i < 4; i++)
        outlet_send(&outlet, "slow", slow, "{}");
    for (int i = 0; i < 20; i++)
        outlet_send(&outlet, "x", url, "{}");
    outlet_run(&outlet, 20);
    for (int i = 0; i < 4; i++)
        cr_expect_eq(outlet.sent[i].done, 0, "the slow ones wait still");
    outlet_run(&outlet, 24);
    for (int i = 0; i < 4; i++)
        cr_expect_eq(outlet.sent[i].outcome, OUTCOME_RETRY);
    for (int i = 4; i < 24; i++)
        cr_expect_eq(outlet.sent[i].outcome, OUTCOME_DELIVERED);
    cr_expect_leq(peer.callers, 3);
    peer_close(&tar);
    end();
}

Test(channel_webhook, drill_and_life_keep_apart)
{
    open_hook(allow);
    peer.script = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    struct sent *drill = outlet_send(&outlet, "x", url, "{\"text\":\"【演练】停产\"}");
    struct sent *live = outlet_send(&outlet, "y", url, "{\"text\":\"停产\"}");
    outlet_run(&outlet, 2);
    cr_expect_eq(drill->outcome, OUTCOME_REFUSED);
    cr_expect_eq(live->outcome, OUTCOME_DELIVERED);
    cr_expect_eq(peer.requests, 1);
    end();
}

Test(channel_webhook, on_paper_only_drills_leave)
{
    outlet.effects = EFFECTS_PAPER;
    open_hook(allow);
    peer.script = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    struct sent *drill = outlet_send(&outlet, "x", url, "{\"text\":\"【演练】停产\"}");
    struct sent *live = outlet_send(&outlet, "y", url, "{\"text\":\"停产\"}");
    outlet_run(&outlet, 2);
    cr_expect_eq(drill->outcome, OUTCOME_DELIVERED);
    cr_expect_eq(live->outcome, OUTCOME_REFUSED);
    end();
}

Test(channel_webhook, the_body_says_where_it_is_answered)
{
    struct message message = outlet_message();
    struct buf bytes = {0};
    cr_assert_eq(channel_webhook.render(NULL, &message, &bytes), 0);
    cr_expect_str_eq(buf_str(&bytes), "{\"order\":\"0123456789abcdef\",\"text\":\"停产\","
                                      "\"ack_url\":\"https://yujing.example.cn/r/abc?d=1\"}\n");
    buf_release(&bytes);
    message.ack_url = NULL;
    cr_assert_eq(channel_webhook.render(NULL, &message, &bytes), 0);
    cr_expect_eq(bytes.size, 0, "the body as it is");
    outlet.gateway.channel = NULL;
    end();
}

Test(channel_webhook, idle_closes_cleanly)
{
    open_hook(allow);
    end();
}

Test(channel_webhook, what_cannot_be_meant_is_told)
{
    char *yaml = xasprintf("secret_files: []\nallow: [10.0.0.1/8, 300.1.1.1]\n");
    cr_expect_not(outlet_read(&outlet, "webhook", yaml));
    cr_expect_geq(outlet.findings.errors, 2);
    free(yaml);
    outlet.gateway.channel = NULL;
    end();
}

Test(channel_webhook, an_unusable_secret_is_told_at_the_start)
{
    struct channel_options options = {.effects = EFFECTS_LIVE, .gateway = &outlet.gateway};
    room_write(folder, "before", "not base64 at all!", 0600);
    char *yaml = xasprintf("secret_files: [%s/secret, %s/before]\n", folder, folder);
    cr_assert(outlet_read(&outlet, "webhook", yaml));
    cr_expect_eq(outlet.gateway.channel->open(&outlet.self, &outlet.loop, outlet.gateway.conf,
                                              &options, &outlet.findings),
                 ERR_INVALID);
    cr_expect_str_eq(outlet.findings.items[0].code, "D051");
    free(yaml);
    outlet.gateway.channel = NULL;
    end();
}
