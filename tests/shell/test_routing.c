/* Routing: a pure function of the configuration and the letter. */
#include "base/err.h"
#include "base/yaml.h"
#include "channel_memory.h"
#include "shell/conf.h"
#include "shell/routing.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const struct channel hook = {.kind = "hook", .address = ADDRESS_WEBHOOK};
static const struct channel sms = {.kind = "sms", .address = ADDRESS_PHONE};
static const struct channel file = {.kind = "file", .address = ADDRESS_NONE};
static struct gateway items[] = {{.name = "hook", .channel = &hook},
                                 {.name = "sms", .channel = &sms},
                                 {.name = "file", .channel = &file}};
static const struct gateways gateways = {.items = items, .count = 3};
static struct contact contacts[] = {{.name = "值班室", .webhook = "https://a.example/in"},
                                    {.name = "厂长", .phone = "13000000000"}};
static const struct recipient plant = {
    .kind = RECIPIENT_ENTERPRISE, .id = "p-1", .contacts = contacts, .contact_count = 2};
static const struct recipient office = {.kind = RECIPIENT_OFFICE, .id = "o-1"};
static struct arena arena;
static struct findings findings;
static struct routing *routing;

static int read_text(const char *text)
{
    struct conf conf = {.path = "test"};
    conf.root = yaml_read(&arena, "test", text, strlen(text), &findings);
    return routing_read(&routing, &conf, &gateways, &findings);
}

static void away(void)
{
    routing_free(routing);
    findings_release(&findings);
    arena_release(&arena);
}

TestSuite(routing, .fini = away);

static const char *ways_of(struct routed routed)
{
    static char text[512];
    static struct ways ways;
    memset(&ways, 0, sizeof ways);
    text[0] = 0;
    routing_ways(routing, &routed, NULL, &ways);
    for (int i = 0; i < ways.count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%d:%s=%s ", ways.items[i].rung,
                 ways.items[i].gateway->name, ways.items[i].address);
    }
    return text;
}

Test(routing, the_first_route_that_fits_decides)
{
    cr_assert_eq(read_text("routes:\n"
                           "  - {letters: [order], levels: [red], by: [hook, sms]}\n"
                           "  - {letters: [order], recipients: [enterprise], by: [hook],"
                           " fallback: [sms]}\n"
                           "  - {letters: [public], by: [file]}\n"),
                 0);
    cr_expect_str_eq(ways_of((struct routed){LETTER_ORDER, &plant, "red", 0, false}),
                     "0:hook=https://a.example/in 0:sms=13000000000 ");
    cr_expect_str_eq(ways_of((struct routed){LETTER_ORDER, &plant, "yellow", 0, false}),
                     "0:hook=https://a.example/in 1:sms=13000000000 ");
    cr_expect_str_eq(ways_of((struct routed){LETTER_ORDER, &office, "yellow", 0, false}), "",
                     "an office is no enterprise");
    cr_expect_str_eq(ways_of((struct routed){LETTER_PUBLIC, NULL, "red", 0, false}), "0:file= ");
    cr_expect_str_eq(ways_of((struct routed){LETTER_TASK, &plant, NULL, 0, false}), "");
    cr_expect(routing_takes(routing, LETTER_PUBLIC));
    cr_expect_not(routing_takes(routing, LETTER_PAGE), "nobody is on duty");
}

Test(routing, pages_climb_from_duty_to_supervisor)
{
    cr_assert_eq(read_text("duty:\n"
                           "  - {name: 甲, phone: \"1\", role: duty}\n"
                           "  - {name: 乙, phone: \"2\", role: deputy}\n"
                           "  - {name: 丙, phone: \"3\", role: supervisor}\n"),
                 0);
    cr_expect_str_eq(ways_of((struct routed){.kind = LETTER_PAGE}), "0:sms=1 2:sms=2 4:sms=3 ");
    cr_expect_str_eq(ways_of((struct routed){.kind = LETTER_PAGE, .everybody = true}),
                     "0:sms=1 0:sms=2 0:sms=3 ");
}

Test(routing, mistakes_are_told_where_they_stand)
{
    cr_assert_lt(read_text("routes:\n"
                           "  - {letters: [order], by: [fax]}\n"
                           "  - {letters: [orders], by: [hook]}\n"
                           "duty: [{phone: \"1\"}]\n"),
                 0);
    cr_expect_eq(findings.errors, 3);
    cr_expect_str_eq(findings.items[0].code, "D036");
    cr_expect_eq(findings.items[0].line, 2);
}

Test(routing, an_officer_whom_no_page_reaches_is_told)
{
    cr_assert_eq(read_text("routes:\n"
                           "  - {letters: [page], levels: [red], by: [hook]}\n"
                           "  - {letters: [page], by: [hook], fallback: [sms]}\n"
                           "  - {letters: [order, release], by: [hook]}\n"
                           "duty:\n"
                           "  - {name: 甲, phone: \"13000000001\"}\n"
                           "  - {name: 乙, email: yi@duty.example}\n"
                           "  - {name: 丙, webhook: https://c.example/in}\n"),
                 0, "a warning: the others are reached");
    cr_assert_eq(findings.count, 1);
    cr_expect_str_eq(findings.items[0].code, "D028");
    cr_expect_eq(findings.items[0].line, 7);
    cr_expect(strstr(findings.items[0].message, "乙"));
    cr_expect_not_null(findings.items[0].hint);
}

Test(routing, without_a_route_for_pages_a_file_reaches_no_officer)
{
    cr_assert_eq(read_text("routes: [{letters: [order, release], by: [file]}]\n"
                           "duty: [{name: 甲, email: jia@duty.example}]\n"),
                 0);
    cr_assert_eq(findings.count, 1);
    cr_expect_str_eq(findings.items[0].code, "D028");
}

Test(routing, an_officer_s_address_that_is_none_is_told_with_its_place)
{
    cr_assert_lt(read_text("routes: [{letters: [order, release, page], by: [hook, sms]}]\n"
                           "duty:\n"
                           "  - {name: 甲, phone: abc}\n"
                           "  - {name: 乙, email: notmail}\n"
                           "  - {name: 丙, webhook: ftp://c.example/in}\n"
                           "  - {name: 丁, phone: +86 24 2345-6789, email: ding@duty.example}\n"),
                 0);
    cr_assert_eq(findings.count, 3);
    static const char *const codes[] = {"E020", "E013", "E013"};
    for (int i = 0; i < 3; i++) {
        cr_expect_str_eq(findings.items[i].code, codes[i]);
        cr_expect_eq(findings.items[i].line, 3 + i);
    }
}

Test(routing, orders_that_no_route_carries_are_told)
{
    cr_assert_eq(read_text("store: s\n"
                           "routes:\n"
                           "  - {letters: [page], by: [hook]}\n"
                           "  - {letters: [order], recipients: [fleet], by: [hook]}\n"
                           "  - {letters: [release], recipients: [office], by: [hook]}\n"),
                 0, "a warning: nothing is misspelt");
    cr_assert_eq(findings.count, 1, "orders are carried, a release to offices alone is not");
    cr_expect_str_eq(findings.items[0].code, "D027");
    cr_expect_eq(findings.items[0].line, 3, "where the routes stand");
    cr_expect(strstr(findings.items[0].message, "release"));
    cr_expect_not_null(findings.items[0].hint);
}

Test(routing, orders_without_any_route_are_told)
{
    cr_assert_eq(read_text("gateways: {hook: {kind: hook}}\n"), 0);
    cr_assert_eq(findings.count, 2);
    cr_expect(strstr(findings.items[0].message, "order"));
    cr_expect(strstr(findings.items[1].message, "release"));
}

Test(routing, without_gateways_there_is_nothing_to_tell_of_routes)
{
    cr_assert_eq(read_text("store: s\n"), 0);
    cr_expect_eq(findings.count, 0);
}

Test(routing, urgent_letters_come_first)
{
    enum { LEVELS = 3 };
    int red = routing_priority(LETTER_ORDER, 2, LEVELS);
    int yellow = routing_priority(LETTER_ORDER, 0, LEVELS);
    cr_expect_lt(red, yellow);
    cr_expect_lt(yellow, routing_priority(LETTER_REMINDER, 2, LEVELS));
    cr_expect_lt(routing_priority(LETTER_CORRECTION, 0, LEVELS), red);
    cr_expect_leq(routing_priority(LETTER_PAGE, -1, LEVELS), PRIORITY_PAUSED);
    cr_expect_gt(red, PRIORITY_PAUSED);
}

Test(routing, hosts_are_those_of_urls)
{
    char host[64];
    routing_host(&items[0], "https://A.example/in", host, sizeof host);
    cr_expect_str_eq(host, "a.example:443");
    routing_host(&items[1], "13000000000", host, sizeof host);
    cr_expect_str_eq(host, "");
}
