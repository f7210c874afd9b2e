/* MQTT against a broker of a few bytes: what it is told, what it answers, what happens when it
 * goes. */
#include "base/xalloc.h"
#include "outlet.h"
#include "peer.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct outlet outlet;
static struct peer peer;
static struct buf topics; /* of what was published, one a line */
static int published, drop_after, reason, connect_reason;
static bool mute;

enum { CONNECT = 1, PUBLISH = 3, PINGREQ = 12, DISCONNECT = 14 };
static bool said_goodbye;

static void obey(struct caller *caller, const unsigned char *packet, size_t head, size_t size)
{
    int kind = packet[0] >> 4;
    if (kind == CONNECT) {
        unsigned char answer[] = {0x20, 3, 0, (unsigned char)connect_reason, 0};
        caller_say_bytes(caller, answer, sizeof answer);
    } else if (kind == PUBLISH) {
        size_t topic = (size_t)packet[head] << 8 | packet[head + 1];
        unsigned char answer[] = {0x40, 3, packet[head + 2 + topic], packet[head + 3 + topic],
                                  (unsigned char)reason};
        cr_assert_lt(topic, size);
        cr_expect_eq(packet[0] & 0x06, 0x02, "QoS 1");
        buf_add(&topics, packet + head + 2, topic);
        buf_putc(&topics, '\n');
        published++;
        if (published == drop_after)
            caller_leave(caller);
        else if (!mute)
            caller_say_bytes(caller, answer, sizeof answer);
    } else if (kind == PINGREQ) {
        caller_say_bytes(caller, "\xd0\x00", 2);
    } else if (kind == DISCONNECT) {
        said_goodbye = true;
    }
}

static void hear_packets(struct caller *caller)
{
    while (caller->in.size >= 2) {
        const unsigned char *packet = (const unsigned char *)caller->in.data;
        size_t size = 0, head = 1, shift = 0;
        do {
            if (head >= caller->in.size)
                return;
            size |= (size_t)(packet[head] & 0x7f) << shift;
            shift += 7;
        } while (packet[head++] & 0x80);
        if (caller->in.size < head + size)
            return;
        obey(caller, packet, head, size);
        caller_take(caller, head + size);
    }
}

static void set_up(void)
{
    outlet_init(&outlet);
    peer_open(&peer, &outlet.loop, hear_packets);
}

TestSuite(channel_mqtt, .init = set_up, .timeout = 60);

static void open_mqtt(const char *more)
{
    char *yaml = xasprintf("broker: tcp://127.0.0.1:%d\n%s", peer.port, more);
    outlet_open(&outlet, "mqtt", yaml);
    free(yaml);
}

static bool goodbye(void *arg)
{
    (void)arg;
    return said_goodbye;
}

static void end(void)
{
    outlet.gateway.channel->close(outlet.self, free, xcalloc(1, 1));
    outlet.gateway.channel = NULL;
    peer_close(&peer);
    outlet_close(&outlet);
    buf_release(&topics);
}

static struct sent *send_to(const char *recipient)
{
    struct message message = outlet_message();
    message.recipient = message.address = recipient;
    return outlet_send_message(&outlet, &message);
}

Test(channel_mqtt, a_letter_is_delivered_when_the_broker_has_acknowledged_it)
{
    open_mqtt("topic: 'yujing/{recipient}/{kind}'\n");
    for (int i = 0; i < 10; i++)
        send_to("E001");
    cr_expect_eq(published, 0, "not connected yet, and not refused for that");
    outlet_run(&outlet, 10);
    for (int i = 0; i < 10; i++)
        cr_expect_eq(outlet.sent[i].outcome, OUTCOME_DELIVERED, "%s", outlet.sent[i].trouble);
    cr_expect(strncmp(buf_str(&topics), "yujing/E001/order\n", 18) == 0, "%s", buf_str(&topics));
    cr_expect_eq(published, 10);
    cr_expect_eq(peer.callers, 1);
    end();
}

Test(channel_mqtt, a_broken_connection_loses_nothing)
{
    drop_after = 3;
    open_mqtt("");
    for (int i = 0; i < 8; i++)
        send_to("E001");
    outlet_run(&outlet, 8);
    for (int i = 0; i < 8; i++)
        cr_expect_eq(outlet.sent[i].outcome, OUTCOME_DELIVERED, "%s", outlet.sent[i].trouble);
    cr_expect_geq(peer.callers, 2, "the fault did not fire");
    cr_expect_geq(published, 9, "what was unanswered is published again");
    end();
}

static const struct {
    int reason;
    enum outcome outcome;
} reasons[] = {
    {0, OUTCOME_DELIVERED},  {0x10, OUTCOME_RETRY /* nobody listens */},
    {0x80, OUTCOME_RETRY},   {0x87, OUTCOME_REFUSED /* not authorized */},
    {0x90, OUTCOME_REFUSED}, {0x97, OUTCOME_RETRY /* quota */},
};

Test(channel_mqtt, what_the_broker_says_decides)
{
    open_mqtt("");
    for (int i = 0; i < (int)(sizeof reasons / sizeof *reasons); i++) {
        reason = reasons[i].reason;
        struct sent *sent = send_to("E001");
        outlet_run(&outlet, i + 1);
        cr_expect_eq(sent->outcome, reasons[i].outcome, "%#x: %s", (unsigned)reason, sent->trouble);
    }
    end();
}

Test(channel_mqtt, nobody_need_listen_where_the_site_says_so)
{
    open_mqtt("heard: false\n");
    reason = 0x10;
    struct sent *sent = send_to("E001");
    outlet_run(&outlet, 1);
    cr_expect_eq(sent->outcome, OUTCOME_DELIVERED);
    end();
}

Test(channel_mqtt, a_broker_that_does_not_answer_is_given_up)
{
    outlet.gateway.timeout = 700;
    mute = true;
    open_mqtt("");
    struct sent *sent = send_to("E001");
    outlet_run(&outlet, 1);
    cr_expect_eq(sent->outcome, OUTCOME_RETRY);
    cr_expect_eq(published, 1);
    mute = false;
    outlet.gateway.timeout = 10000;
    sent = send_to("E001");
    outlet_run(&outlet, 2);
    cr_expect_eq(sent->outcome, OUTCOME_DELIVERED, "%s", sent->trouble);
    cr_expect_geq(peer.callers, 2, "a new connection");
    end();
}

Test(channel_mqtt, a_refused_connection_is_tried_again)
{
    connect_reason = 0x86; /* bad user name or password */
    outlet.gateway.timeout = 1500;
    open_mqtt("");
    struct sent *sent = send_to("E001");
    outlet_run(&outlet, 1);
    cr_expect_eq(sent->outcome, OUTCOME_RETRY);
    cr_expect_geq(peer.callers, 1);
    connect_reason = 0;
    outlet.gateway.timeout = 15000;
    sent = send_to("E001");
    outlet_run(&outlet, 2);
    cr_expect_eq(sent->outcome, OUTCOME_DELIVERED, "%s", sent->trouble);
    end();
}

Test(channel_mqtt, nobody_there_is_no_error_at_the_start)
{
    outlet.gateway.timeout = 300;
    outlet_open(&outlet, "mqtt", "broker: tcp://127.0.0.1:1\n");
    struct sent *sent = send_to("E001");
    outlet_run(&outlet, 1);
    cr_expect_eq(sent->outcome, OUTCOME_RETRY);
    end();
}

Test(channel_mqtt, closing_at_once_is_clean)
{
    open_mqtt("");
    end();
}

Test(channel_mqtt, it_says_goodbye)
{
    open_mqtt("");
    send_to("E001");
    outlet_run(&outlet, 1);
    outlet.gateway.channel->close(outlet.self, free, xcalloc(1, 1));
    outlet.gateway.channel = NULL;
    outlet_run_until(&outlet, goodbye, NULL);
    peer_close(&peer);
    outlet_close(&outlet);
    buf_release(&topics);
}

Test(channel_mqtt, a_recipient_cannot_become_another_topic)
{
    static const char *const bad[] = {"a/b", "+", "#", "a\nb"};
    open_mqtt("");
    for (int i = 0; i < 4; i++) {
        struct sent *sent = send_to(bad[i]);
        outlet_run(&outlet, i + 1);
        cr_expect_eq(sent->outcome, OUTCOME_REFUSED, "%s", bad[i]);
    }
    cr_expect_eq(published, 0);
    end();
}

Test(channel_mqtt, drills_do_not_leave_live)
{
    open_mqtt("");
    struct sent *sent = outlet_send(&outlet, "x", "E001", "{\"text\":\"【演练】\"}");
    outlet_run(&outlet, 1);
    cr_expect_eq(sent->outcome, OUTCOME_REFUSED);
    cr_expect_eq(published, 0);
    end();
}

static void expect_code(const char *yaml, const char *code)
{
    cr_expect_not(outlet_read(&outlet, "mqtt", yaml), "%s", yaml);
    cr_assert_gt(outlet.findings.count, 0);
    cr_expect_str_eq(outlet.findings.items[0].code, code);
    findings_release(&outlet.findings);
    outlet.findings = (struct findings){0};
}

Test(channel_mqtt, what_cannot_be_meant_is_told)
{
    expect_code("broker: mqtt.example.cn\n", "D052");
    expect_code("broker: tcp://\n", "D052");
    expect_code("broker: tcp://a:b\n", "D052");
    expect_code("broker: tcp://user@a\n", "D052");
    expect_code("broker: tcp://a\ntopic: 'a/#'\n", "D063");
    expect_code("broker: tcp://a\ntopic: 'a/{text}'\n", "Q003");
    cr_expect(outlet_read(&outlet, "mqtt", "broker: ssl://[::1]:8884\n"));
    outlet.gateway.channel = NULL;
    peer_close(&peer);
    outlet_close(&outlet);
}
