/* Feeds: kinds of text, order, repeats and conflicts, rebasing, files. */
#include "base/arena.h"
#include "model/feed_case.h"
#include "model/policy.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD "time,subject,series,value\n"
#define READING(id, subject, time, value)                                         \
    "{\"specversion\":\"1.0\",\"type\":\"reading\",\"source\":\"x\",\"id\":\"" id \
    "\",\"subject\":\"" subject "\",\"time\":\"" time                             \
    "+08:00\",\"data\":{\"values\":{\"pm25\":" value "}}}"

static struct feed *new_feed(void)
{
    struct feed *feed;
    feed_new(&feed, 8 * HOUR_MS, NULL);
    return feed;
}

static void add(struct feed *feed, const char *name, const char *text, struct findings *findings)
{
    feed_add_text(feed, name, text, strlen(text), 0, findings);
}

/* The same facts in every form a text may have. */
Test(feed, the_kind_is_told_by_the_content)
{
    static const char one[] = READING("1", "s1", "2015-11-08T14:00:00", "1");
    static const char two[] = READING("2", "s1", "2015-11-08T15:00:00", "2");
    static const char *const forms[] = {"%s\n%s\n",       "\xef\xbb\xbf%s\r\n\r\n%s",
                                        "[%s,%s]",        "  [\n%s\n,\n%s\n]\n",
                                        "\n\n%s\n\n  %s", "[ %s , %s ]"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct findings findings = {0};
        struct buf text = {0};
        buf_printf(&text, forms[i], one, two);
        struct feed *feed = feed_of_text("a", text.data, text.size, &findings);
        expect_text(feed_lines(feed), "2015-11-08T14:00 s1 pm25=1\n2015-11-08T15:00 s1 pm25=2\n",
                    text.data);
        cr_expect_eq(findings.count, 0);
        feed_free(feed);
        buf_release(&text);
        findings_release(&findings);
    }
}

static const char pretty[] = "{\n"
                             "  \"specversion\": \"1.0\",\n"
                             "  \"type\": \"reading\",\n"
                             "  \"source\": \"x\",\n"
                             "  \"id\": \"1\",\n"
                             "  \"subject\": \"s1\",\n"
                             "  \"time\": \"2015-11-08T14:00:00+08:00\",\n"
                             "  \"data\": {\n"
                             "    \"values\": {\"pm25\": %s}\n"
                             "  }\n"
                             "}\n";

Test(feed, an_event_over_many_lines_is_read_and_complained_of_by_line)
{
    struct findings findings = {0};
    char text[512];
    snprintf(text, sizeof text, pretty, "1");
    struct feed *feed = feed_of_text("a", text, strlen(text), &findings);
    expect_text(feed_lines(feed), "2015-11-08T14:00 s1 pm25=1\n", "pretty");
    feed_free(feed);
    snprintf(text, sizeof text, pretty, "\"1\"");
    feed = feed_of_text("a", text, strlen(text), &findings);
    expect_text(finding_places(&findings), "9:24 N032", "by line");
    feed_free(feed);
    findings_release(&findings);
}

Test(feed, a_bad_line_costs_itself_alone)
{
    static const char text[] = "{\"specversion\":\n" READING(
        "1", "s1", "2015-11-08T14:00:00",
        "1") "\n"
             "nonsense\n" READING("2", "s1", "2015-11-08T15:00:00",
                                  "x") "\n" READING("3", "s1", "2015-11-08T16:00:00", "3") "\n";
    struct findings findings = {0};
    struct feed *feed = feed_of_text("a", text, sizeof text - 1, &findings);
    expect_text(feed_lines(feed), "2015-11-08T14:00 s1 pm25=1\n2015-11-08T16:00 s1 pm25=3\n", text);
    cr_assert_eq(findings.errors, 3);
    cr_expect_eq(findings.items[0].line, 1);
    cr_expect_eq(findings.items[1].line, 3);
    cr_expect_eq(findings.items[2].line, 4);
    feed_free(feed);
    findings_release(&findings);
}

Test(feed, broken_arrays_are_told_of)
{
    static const struct {
        const char *text, *places;
    } cases[] = {{"[", "1:2 N012"},
                 {"[]", ""},
                 {"[] x", "1:4 N012"},
                 {"[1]", "1:2 N021"},
                 {"[,]", "1:2 N012"},
                 {"[\n 1,\n]", "2:2 N021 3:1 N012"},
                 {"[1 2]", "1:2 N021 1:4 N012"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct findings findings = {0};
        struct feed *feed = feed_of_text("a", cases[i].text, strlen(cases[i].text), &findings);
        expect_text(finding_places(&findings), cases[i].places, cases[i].text);
        feed_free(feed);
        findings_release(&findings);
    }
}

Test(feed, files_are_merged_by_arrival_and_ties_keep_their_order)
{
    struct findings findings = {0};
    struct feed *feed = new_feed();
    add(feed, "b.csv",
        HEAD "2015-11-08 15:00,b2,x,1\n2015-11-08 14:00,b1,x,1\n2015-11-08 14:00,b0,x,1\n",
        &findings);
    add(feed, "a.jsonl",
        READING("1", "a1", "2015-11-08T14:00:00", "1") "\n" READING(
            "2", "a2", "2015-11-08T15:00:00",
            "1") "\n"
                 "{\"specversion\":\"1.0\",\"type\":\"receipt\",\"source\":\"x\",\"id\":\"3\","
                 "\"subject\":\"o1\","
                 "\"time\":\"2015-11-08T15:00:00+08:00\",\"data\":{\"kind\":\"read\"}}\n",
        &findings);
    feed_sort(feed, &findings);
    expect_text(
        feed_lines(feed),
        "2015-11-08T14:00 b1 x=1\n2015-11-08T14:00 b0 x=1\n2015-11-08T14:00 a1 pm25=1\n"
        "2015-11-08T15:00 o1 receipt\n2015-11-08T15:00 b2 x=1\n2015-11-08T15:00 a2 pm25=1\n",
        "arrivals 15:00 15:00 15:00 15:00 16:00 16:00");
    feed_free(feed);
    findings_release(&findings);
}

Test(feed, a_recorded_arrival_decides_the_order)
{
    static const char late[] =
        "{\"specversion\":\"1.0\",\"type\":\"reading\",\"source\":\"x\",\"id\":\"1\",\"subject\":"
        "\"late\","
        "\"time\":\"2015-11-08T01:00:00+08:00\",\"recordedtime\":\"2015-11-08T20:00:00+08:00\","
        "\"data\":{\"values\":{\"pm25\":1}}}\n";
    struct findings findings = {0};
    struct feed *feed = new_feed();
    add(feed, "a", late, &findings);
    add(feed, "b", HEAD "2015-11-08 14:00,s1,x,1\n", &findings);
    feed_sort(feed, &findings);
    expect_text(feed_lines(feed), "2015-11-08T14:00 s1 x=1\n2015-11-08T01:00 late pm25=1\n",
                "late");
    feed_free(feed);
    findings_release(&findings);
}

Test(feed, equal_repeats_are_dropped_and_counted)
{
    struct findings findings = {0};
    struct feed *feed = new_feed();
    static const char row[] =
        HEAD "2015-11-08 14:00,s1,pm25,168\n2015-11-08T06:00:00Z,s1,pm25,168.0\n";
    add(feed, "a.csv", row, &findings);
    add(feed, "b.csv", row, &findings);
    add(feed, "a.jsonl", READING("1", "s1", "2015-11-08T14:00:00", "1") "\n", &findings);
    add(feed, "b.jsonl", READING("1", "s1", "2015-11-08T14:00:00", "1.0") "\n", &findings);
    feed_sort(feed, &findings);
    expect_text(feed_lines(feed), "2015-11-08T14:00 s1 pm25=168\n2015-11-08T14:00 s1 pm25=1\n", "");
    cr_expect_eq(feed_repeats(feed), 4);
    cr_expect_eq(findings.count, 0);
    feed_free(feed);
    findings_release(&findings);
}

Test(feed, other_content_is_a_conflict_kept_and_told_of)
{
    struct findings findings = {0};
    struct feed *feed = new_feed();
    add(feed, "a.csv",
        HEAD "2015-11-08 14:00,s1,pm25,168\n2015-11-08 14:00,s1,pm25,170\n2015-11-08 "
             "14:00,s1,pm25,168\n",
        &findings);
    add(feed, "b.jsonl",
        READING("1", "s1", "2015-11-08T14:00:00",
                "1") "\n" READING("1", "s1", "2015-11-08T14:00:00", "2") "\n",
        &findings);
    feed_sort(feed, &findings);
    expect_text(feed_lines(feed),
                "2015-11-08T14:00 s1 pm25=168\n!2015-11-08T14:00 s1 pm25=170\n"
                "2015-11-08T14:00 s1 pm25=1\n!2015-11-08T14:00 s1 pm25=2\n",
                "conflicts");
    expect_text(finding_places(&findings), "3:1 N013 2:1 N013", "told of");
    cr_expect_eq(findings.items[0].severity, SEV_WARNING);
    cr_expect_str_eq(findings.items[0].file, "a.csv");
    cr_expect_str_eq(findings.items[1].file, "b.jsonl");
    cr_expect_eq(feed_repeats(feed), 1);
    feed_sort(feed, &findings);
    cr_expect_eq(findings.count, 2, "once is enough");
    cr_expect_eq(feed_count(feed), 4);
    feed_free(feed);
    findings_release(&findings);
}

Test(feed, the_first_to_arrive_stands_whatever_the_order_of_files)
{
    struct findings findings = {0};
    struct feed *feed = new_feed();
    static const char event[] =
        "{\"specversion\":\"1.0\",\"type\":\"reading\",\"source\":\"x\",\"id\":\"1\",\"subject\":"
        "\"s1\","
        "\"time\":\"2015-11-08T14:00:00+08:00\",\"recordedtime\":\"2015-11-08T%d:00:00+08:00\","
        "\"data\":{\"values\":{\"pm25\":%d}}}\n";
    char text[512];
    snprintf(text, sizeof text, event, 20, 2);
    add(feed, "a", text, &findings);
    snprintf(text, sizeof text, event, 16, 1);
    add(feed, "b", text, &findings);
    feed_sort(feed, &findings);
    expect_text(feed_lines(feed), "2015-11-08T14:00 s1 pm25=1\n!2015-11-08T14:00 s1 pm25=2\n", "");
    feed_free(feed);
    findings_release(&findings);
}

Test(feed, a_table_written_as_events_repeats_itself)
{
    struct findings findings = {0};
    struct feed *feed = new_feed();
    struct buf text = {0};
    static const char table[] =
        "time,subject,series,value,flag\n2015-11-08 14:00,s/1,pm25,168.5,N\n"
        "2015-11-08 14:00:00.250,沈阳,pm10,null,\n";
    add(feed, "a.csv", table, &findings);
    feed_sort(feed, &findings);
    for (size_t i = 0; i < feed_count(feed); i++) {
        fact_print(&text, feed_fact(feed, i));
        buf_putc(&text, '\n');
    }
    add(feed, "a.jsonl", text.data, &findings);
    add(feed, "a.csv", table, &findings);
    feed_sort(feed, &findings);
    cr_expect_eq(feed_count(feed), 2);
    cr_expect_eq(feed_repeats(feed), 4);
    cr_expect_eq(findings.count, 0);
    buf_release(&text);
    feed_free(feed);
    findings_release(&findings);
}

Test(feed, an_offset_moves_the_facts_and_gives_them_an_identity_of_their_own)
{
    struct findings findings = {0};
    struct feed *feed = new_feed();
    static const char events[] = READING("1", "s1", "2015-11-08T14:00:00", "1") "\n";
    static const char table[] = HEAD "2015-11-08 14:00,s2,pm25,2\n";
    for (int day = 0; day < 2; day++) {
        feed_add_text(feed, "a", events, strlen(events), day * (span_ms)DAY_MS, &findings);
        feed_add_text(feed, "b", table, strlen(table), day * (span_ms)DAY_MS, &findings);
    }
    feed_sort(feed, &findings);
    expect_text(feed_lines(feed),
                "2015-11-08T14:00 s1 pm25=1\n2015-11-08T14:00 s2 pm25=2\n"
                "2015-11-09T14:00 s1 pm25=1\n2015-11-09T14:00 s2 pm25=2\n",
                "");
    cr_expect_str_eq(feed_fact(feed, 2)->id, "1@+24h");
    cr_expect_str_eq(feed_fact(feed, 3)->id, "s2/pm25/2015-11-09T06:00:00Z");
    cr_expect_eq(findings.count, 0);
    feed_free(feed);
    findings_release(&findings);
}

Test(feed, a_row_without_period_has_the_step_of_its_series)
{
    struct series series[] = {{.name = "aqi_day", .step = DAY_MS}};
    struct policy policy = {.series = series, .series_count = 1};
    struct findings findings = {0};
    struct feed *feed;
    feed_new(&feed, 8 * HOUR_MS, &policy);
    add(feed, "a.csv",
        "time,subject,series,value,period\n2015-11-08,a,aqi_day,1,\n2015-11-08,b,aqi_day,1,PT1H\n"
        "2015-11-08,c,unheard,1,\n",
        &findings);
    cr_expect_eq(feed_fact(feed, 0)->reading.period, DAY_MS);
    cr_expect_eq(feed_fact(feed, 1)->reading.period, HOUR_MS);
    cr_expect_eq(feed_fact(feed, 2)->reading.period, HOUR_MS);
    cr_expect_eq(findings.count, 0);
    feed_free(feed);
    findings_release(&findings);
}

Test(feed, an_added_fact_is_copied)
{
    struct feed *feed = new_feed();
    char subject[] = "s1";
    struct reading_value value = {"pm25", 5 * MICRO, 0};
    struct fact fact = {.kind = FACT_READING,
                        .time = 0,
                        .arrival = HOUR_MS,
                        .source = "inject",
                        .id = "1",
                        .subject = subject,
                        .reading = {&value, 1, HOUR_MS}};
    feed_add_fact(feed, &fact);
    subject[0] = 'x';
    value.value = 0;
    feed_sort(feed, NULL);
    expect_text(feed_lines(feed), "1970-01-01T08:00 s1 pm25=5\n", "copied");
    feed_free(feed);
}

/* Enough rows to go through several pieces, with a character and a quoted cell over every border.
 */
Test(feed, a_long_file_reads_like_its_text)
{
    char path[] = "/tmp/yujing-feed-XXXXXX";
    int fd = mkstemp(path);
    struct buf text = {0};
    struct findings findings = {0};
    buf_puts(&text, "\xef\xbb\xbf" HEAD);
    for (int i = 0; i < 40000; i++)
        buf_printf(&text, "2015-11-%02d %02d:00,\"森林路, %d\",pm25,%d\n", 1 + i / 24 % 30, i % 24,
                   i / 720, i);
    cr_assert_eq(write(fd, text.data, text.size), (ssize_t)text.size);
    close(fd);
    struct feed *by_file = new_feed(), *by_text = new_feed();
    cr_expect_eq(feed_add_file(by_file, path, 0, &findings), 0);
    cr_expect_eq(feed_add_text(by_text, path, text.data, text.size, 0, &findings), 0);
    feed_sort(by_file, &findings);
    feed_sort(by_text, &findings);
    char *expected = feed_lines(by_text);
    cr_expect_eq(feed_count(by_file), 40000);
    expect_text(feed_lines(by_file), expected, "the same");
    free(expected);
    cr_expect_eq(findings.count, 0);
    unlink(path);
    feed_free(by_file);
    feed_free(by_text);
    buf_release(&text);
    findings_release(&findings);
}

Test(feed, a_file_in_gbk_and_one_that_is_not_there)
{
    char path[] = "/tmp/yujing-feed-XXXXXX";
    int fd = mkstemp(path);
    struct findings findings = {0};
    static const char text[] = HEAD "2015-11-08 14:00,\xc9\xad\xc1\xd6\xc2\xb7,pm25,168\n";
    cr_assert_eq(write(fd, text, sizeof text - 1), (ssize_t)sizeof text - 1);
    close(fd);
    struct feed *feed = new_feed();
    cr_expect_eq(feed_add_file(feed, path, 0, &findings), 0);
    unlink(path);
    feed_sort(feed, &findings);
    expect_text(feed_lines(feed), "2015-11-08T14:00 森林路 pm25=168\n", "GBK");
    cr_expect_eq(feed_add_file(feed, path, 0, &findings), ERR_NOT_FOUND);
    cr_assert_eq(findings.count, 2);
    cr_expect_str_eq(findings.items[0].code, "N001");
    cr_expect_str_eq(findings.items[1].code, "F001");
    feed_free(feed);
    findings_release(&findings);
}

Test(feed, a_line_without_end_is_refused_and_the_next_one_read)
{
    struct findings findings = {0};
    char path[] = "/tmp/yujing-feed-XXXXXX";
    int fd = mkstemp(path);
    struct buf text = {0};
    buf_puts(&text, HEAD "2015-11-08 14:00,s1,pm25,1\n2015-11-08 14:00,");
    for (int i = 0; i < 3 << 20; i++)
        buf_putc(&text, 'x');
    buf_puts(&text, ",pm25,2\n2015-11-08 15:00,s1,pm25,3\n");
    cr_assert_eq(write(fd, text.data, text.size), (ssize_t)text.size);
    close(fd);
    struct feed *feed = new_feed();
    cr_expect_lt(feed_add_file(feed, path, 0, &findings), 0);
    unlink(path);
    feed_sort(feed, &findings);
    expect_text(feed_lines(feed), "2015-11-08T14:00 s1 pm25=1\n2015-11-08T15:00 s1 pm25=3\n", "");
    expect_text(finding_places(&findings), "3:1 N011", "too long");
    feed_free(feed);
    buf_release(&text);
    findings_release(&findings);
}

static uint64_t next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* Rows in any order come out stable by arrival, against an insertion into place. */
Test(feed, sorting_is_stable)
{
    const char *given = getenv("SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 7, state = seed;
    for (int round = 0; round < 50; round++) {
        struct findings findings = {0};
        struct feed *feed = new_feed();
        struct buf text = {0};
        int count = (int)(next(&state) % 200);
        buf_puts(&text, HEAD);
        for (int i = 0; i < count; i++)
            buf_printf(&text, "2015-11-08 %02d:00,s%03d,x,%d\n", (int)(next(&state) % 24), i, i);
        add(feed, "a.csv", text.data, &findings);
        feed_sort(feed, &findings);
        cr_assert_eq(feed_count(feed), (size_t)count, "SEED=%llu", (unsigned long long)seed);
        for (size_t i = 1; i < feed_count(feed); i++) {
            struct fact before, after;
            struct arena arena = {0};
            fact_copy(&before, &arena, feed_fact(feed, i - 1));
            fact_copy(&after, &arena, feed_fact(feed, i));
            cr_assert(before.arrival < after.arrival || (before.arrival == after.arrival &&
                                                         strcmp(before.subject, after.subject) < 0),
                      "SEED=%llu", (unsigned long long)seed);
            arena_release(&arena);
        }
        feed_free(feed);
        buf_release(&text);
        findings_release(&findings);
    }
}
