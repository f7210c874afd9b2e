/* Events one by one, or a feed as a whole; each fact held against what its sender may say. */
#include "shell/ingest_http_read.h"
#include "base/json.h"
#include "base/lang.h"
#include "base/limits.h"
#include "model/feed.h"
#include "model/feed_review.h"
#include "model/policy.h"
#include "shell/accounts.h"
#include <string.h>

static const char body_name[] = "body";

/* Whether such a fact may come in this way and from this sender; else findings. */
static void admit(struct body_reading *reading, const struct fact *fact, struct place place)
{
    if (intake_allows(fact, false, place, &reading->findings) < 0)
        return;
    if (fact->kind == FACT_RECEIPT) {
        findings_add(&reading->findings, SEV_ERROR, "W005", place,
                     tr("receipts have ways of their own, where people log in",
                        "回执须经登录后的专用接口提交"),
                     "%s", tr("a receipt is not taken here", "此接口不接收回执"));
        return;
    }
    if (reading->token && !token_may_speak_for(reading->token, fact->source)) {
        findings_add(&reading->findings, SEV_ERROR, "W006", place,
                     tr("report as a source the token is bound to; in CSV by a column `source`",
                        "请使用令牌绑定的来源；CSV 可加 source 列"),
                     tr("this token may not report as %s", "该令牌不得以 %s 的名义上报"),
                     fact->source);
        return;
    }
    load_add(reading->load, fact);
}

static int refuse_number(struct body_reading *reading, size_t number)
{
    findings_add(&reading->findings, SEV_ERROR, "W007", (struct place){.file = body_name},
                 tr("send them in several requests, or put the file into the watched folder",
                    "请分多次上报，或把文件放入监视文件夹"),
                 tr("%zu facts in one request; %d are the most", "一次上报 %zu 条，最多 %d 条"),
                 number, EVENTS_BATCH_MAX);
    return 413;
}

/* Kept in the journal, and no rule reads it: in silence that would look like clean air. */
static void review_event(struct body_reading *reading, const struct fact *fact, struct place place)
{
    size_t before = reading->unused.count;
    fact_review_new(reading->policy, fact, place, &reading->said, &reading->unused);
    if (reading->unused.count > before)
        fact_review_new(reading->policy, fact, place, reading->told, &reading->slips);
}

static void review_feed(struct body_reading *reading, const struct feed *feed)
{
    feed_review_new(feed, &reading->said, &reading->unused);
    if (reading->unused.count > 0)
        feed_review_new(feed, reading->told, &reading->slips);
}

static void read_event(struct body_reading *reading, const struct event_text *event)
{
    struct arena arena = {0};
    struct fact fact;
    if (fact_of_text(&fact, &arena, event->text, event->size, reading->policy->zone, event->place,
                     &reading->findings) == 0) {
        admit(reading, &fact, event->place);
        review_event(reading, &fact, event->place);
    }
    arena_release(&arena);
}

/* 0 or the status to refuse with. */
static int read_events(struct body_reading *reading)
{
    struct cloudevents events = {0};
    struct cloudevents_request request = {
        .headers = reading->headers,
        .header_count = reading->header_count,
        .body = reading->body,
        .size = reading->size,
    };
    int err = cloudevents_split(&events, &request, body_name, &reading->findings);
    if (err < 0)
        return err == ERR_NOT_FOUND ? 415 : err == ERR_LIMIT ? 413 : 400;
    for (size_t i = 0; i < events.count; i++)
        read_event(reading, &events.items[i]);
    cloudevents_release(&events);
    return 0;
}

/* Whether a body cannot be what it may be: seen without reading it, so that nobody waits for us. */
static bool is_too_much(const char *body, size_t size)
{
    size_t lines = 0, lines_max = 2 * (size_t)EVENTS_BATCH_MAX; /* some are blank, some a note */
    for (const char *at = body;
         lines <= lines_max && (at = memchr(at, '\n', size - (size_t)(at - body))); at++)
        lines++;
    const char *first = body + strspn(body, "\xEF\xBB\xBF \t\r\n"); /* the mark of UTF-8, blanks */
    bool is_json = *first == '[' || *first == '{';
    return lines > lines_max || (is_json && json_values(body, size) > EVENTS_VALUES_MAX);
}

static int refuse_size(struct body_reading *reading)
{
    findings_add(&reading->findings, SEV_ERROR, "W007", (struct place){.file = body_name},
                 tr("send them in several requests, or put the file into the watched folder",
                    "请分多次上报，或把文件放入监视文件夹"),
                 tr("one request holds %d facts at most", "一次最多上报 %d 条"), EVENTS_BATCH_MAX);
    return 413;
}

static int read_feed(struct body_reading *reading)
{
    if (is_too_much(reading->body, reading->size))
        return refuse_size(reading);
    struct feed *feed;
    int status = 0;
    feed_new(&feed, reading->policy->zone, reading->policy);
    feed_add_text(feed, body_name, reading->body, reading->size, 0, &reading->findings);
    feed_sort(feed, NULL);
    reading->repeats = feed_repeats(feed);
    size_t number = feed_count(feed);
    if (number > EVENTS_BATCH_MAX)
        status = refuse_number(reading, number);
    for (size_t i = 0; status == 0 && i < number; i++)
        admit(reading, feed_fact(feed, i), (struct place){.file = body_name});
    if (status == 0 && reading->findings.errors == 0)
        review_feed(reading, feed);
    feed_free(feed);
    return status;
}

void body_read(struct body_reading *reading)
{
    reading->status = reading->events ? read_events(reading) : read_feed(reading);
    if (reading->status == 0 && reading->findings.errors > 0)
        reading->status = 400;
}

void body_release(struct body_reading *reading)
{
    findings_release(&reading->findings);
    findings_release(&reading->slips);
    findings_release(&reading->unused);
    intern_release(&reading->said);
}
