/* What the dispatch does around a channel, by hand. */
#include "outlet.h"
#include "base/buf.h"
#include "base/xalloc.h"
#include "base/yaml.h"
#include "shell/log.h"
#include "shell/metrics.h"
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LATE_MS = 20000 };

void outlet_init(struct outlet *outlet)
{
    *outlet = (struct outlet){.effects = EFFECTS_LIVE, .now = 1764000000000};
    signal(SIGPIPE, SIG_IGN);
    cr_assert_eq(uv_loop_init(&outlet->loop), 0);
    outlet->metrics = metrics_new();
}

bool outlet_read(struct outlet *outlet, const char *kind, const char *yaml)
{
    const struct channel *channel = channel_of(kind);
    const char *text = arena_printf(&outlet->arena, "kind: %s\n%s", kind, yaml);
    cr_assert_not_null(channel, "no channel %s", kind);
    const struct yaml *node =
        yaml_read(&outlet->arena, "gateway.yaml", text, strlen(text), &outlet->findings);
    cr_assert_not_null(node);
    outlet->gateway = (struct gateway){.name = "out",
                                       .channel = channel,
                                       .concurrency = 64,
                                       .per_host = 2,
                                       .attempts_max = 12,
                                       .timeout = 10 * SECOND_MS,
                                       .node = node};
    return channel->read(&outlet->gateway.conf, &outlet->arena, node, "./gateway.yaml",
                         &outlet->findings) == 0;
}

static const char *first_finding(const struct outlet *outlet)
{
    return outlet->findings.count > 0 ? outlet->findings.items[0].message : "no finding";
}

static int open_channel(struct outlet *outlet)
{
    static const struct log silent;
    struct channel_options options = {.effects = outlet->effects,
                                      .clock = clock_fake(&outlet->now),
                                      .log = &silent,
                                      .gateway = &outlet->gateway,
                                      .metrics = outlet->metrics};
    return outlet->gateway.channel->open(&outlet->self, &outlet->loop, outlet->gateway.conf,
                                         &options, &outlet->findings);
}

void outlet_open(struct outlet *outlet, const char *kind, const char *yaml)
{
    span_ms timeout = outlet->gateway.timeout;
    cr_assert(outlet_read(outlet, kind, yaml), "%s", first_finding(outlet));
    if (timeout > 0)
        outlet->gateway.timeout = timeout;
    cr_assert_eq(open_channel(outlet), 0, "%s", first_finding(outlet));
}

static void on_done(void *arg, enum outcome outcome, const char *trouble, int64_t retry_after_ms)
{
    struct sent *sent = arg;
    cr_assert_eq(sent->done, 0, "told twice");
    cr_assert_eq(outcome == OUTCOME_DELIVERED, trouble == NULL);
    sent->done++;
    sent->outcome = outcome;
    sent->retry_after_ms = retry_after_ms;
    snprintf(sent->trouble, sizeof sent->trouble, "%s", trouble ? trouble : "");
}

struct sent *outlet_send(struct outlet *outlet, const char *id, const char *address,
                         const char *bytes)
{
    cr_assert(outlet->count < SENT_MAX);
    struct sent *sent = &outlet->sent[outlet->count++];
    struct parcel *parcel = sent->parcel = xcalloc(1, sizeof *parcel);
    parcel->id = xstrdup(id);
    parcel->kind = xstrdup("order");
    parcel->gateway = xstrdup("out");
    parcel->address = xstrdup(address);
    parcel->host = xstrdup("");
    parcel->bytes = xstrdup(bytes);
    parcel->size = strlen(bytes);
    parcel->attempts = 1;
    outlet->gateway.channel->send(outlet->self, parcel, on_done, sent);
    cr_assert_eq(sent->done, 0, "told within the call");
    return sent;
}

struct sent *outlet_send_message(struct outlet *outlet, const struct message *message)
{
    const struct channel *channel = outlet->gateway.channel;
    struct buf bytes = {0};
    cr_assert(outlet->count < SENT_MAX);
    if (channel->render)
        cr_assert_eq(channel->render(outlet->gateway.conf, message, &bytes), 0);
    if (bytes.size == 0)
        buf_add(&bytes, message->body, message->body_size);
    struct sent *sent = &outlet->sent[outlet->count++];
    struct parcel *parcel = sent->parcel = xcalloc(1, sizeof *parcel);
    parcel->id = xstrdup(message->id);
    parcel->kind = xstrdup(message->kind);
    parcel->recipient = message->recipient ? xstrdup(message->recipient) : NULL;
    parcel->gateway = xstrdup("out");
    parcel->address = xstrdup(message->address);
    parcel->host = xstrdup("");
    parcel->size = bytes.size;
    parcel->bytes = buf_detach(&bytes);
    parcel->attempts = 1;
    parcel->made = message->at;
    channel->send(outlet->self, parcel, on_done, sent);
    cr_assert_eq(sent->done, 0, "told within the call");
    return sent;
}

static void on_late(uv_timer_t *timer)
{
    *(bool *)timer->data = true;
}

static void free_timer(uv_handle_t *timer)
{
    free(timer);
}

void outlet_run_until(struct outlet *outlet, bool (*reached)(void *arg), void *arg)
{
    uv_timer_t *timer = xcalloc(1, sizeof *timer);
    bool late = false;
    uv_timer_init(&outlet->loop, timer);
    timer->data = &late;
    uv_timer_start(timer, on_late, LATE_MS, 0);
    while (!reached(arg) && !late)
        uv_run(&outlet->loop, UV_RUN_ONCE);
    cr_assert_not(late, "nothing happened for %d ms", LATE_MS);
    uv_close((uv_handle_t *)timer, free_timer);
}

struct awaited {
    const struct outlet *outlet;
    int done;
};

static bool are_done(void *arg)
{
    const struct awaited *awaited = arg;
    int done = 0;
    for (int i = 0; i < awaited->outlet->count; i++)
        done += awaited->outlet->sent[i].done;
    return done >= awaited->done;
}

void outlet_run(struct outlet *outlet, int done)
{
    struct awaited awaited = {outlet, done};
    outlet_run_until(outlet, are_done, &awaited);
}

static void on_closed(void *arg)
{
    struct outlet *outlet = arg;
    cr_assert_not(outlet->closed, "closed twice");
    outlet->closed = true;
}

void outlet_close(struct outlet *outlet)
{
    if (outlet->gateway.channel)
        outlet->gateway.channel->close(outlet->self, on_closed, outlet);
    uv_run(&outlet->loop, UV_RUN_DEFAULT);
    cr_assert(outlet->closed || !outlet->gateway.channel);
    cr_assert_eq(uv_loop_close(&outlet->loop), 0, "handles are left in the loop");
    for (int i = 0; i < outlet->count; i++) {
        cr_assert_eq(outlet->sent[i].done, 1, "parcel %d was never told", i);
        parcel_free(outlet->sent[i].parcel);
    }
    metrics_free(outlet->metrics);
    findings_release(&outlet->findings);
    arena_release(&outlet->arena);
}

struct message outlet_message(void)
{
    static const char body[] = "{\"order\":\"0123456789abcdef\",\"text\":\"停产\"}\n";
    return (struct message){
        .id = "0123456789abcdef",
        .kind = "order",
        .rule = "heavy",
        .title = "重污染天气预警",
        .episode = "2025-11-24",
        .level = "orange",
        .level_title = "橙色预警",
        .response = "Ⅱ级响应",
        .recipient = "E001",
        .name = "示例化工厂",
        .contact = "值班室",
        .address = "13800000000",
        .subject = "启动重污染天气Ⅱ级应急响应",
        .text = "启动重污染天气Ⅱ级应急响应。\n请于8时起停产“一号线”。",
        .body = body,
        .body_size = sizeof body - 1,
        .ack_url = "https://yujing.example.cn/r/abc?d=1",
        .at = 1764000000000,
        .begin = INSTANT_NONE,
        .zone = 8 * HOUR_MS,
        .authority = "示例市生态环境局",
        .city = "示例市",
    };
}
