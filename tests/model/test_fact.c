/* Facts: what each kind must look like, where a complaint points, and that writing is the inverse
 * of reading. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "model/fact.h"
#include "model/series.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const struct place here = {"facts.jsonl", 7, 1};

static int read_fact(const char *text, struct arena *arena, struct fact *fact,
                     struct findings *findings)
{
    return fact_of_text(fact, arena, text, strlen(text), 8 * HOUR_MS, here, findings);
}

/* Head and tail of an event, so that a case shows only what matters. */
#define EVENT(type, rest)                                                           \
    "{\"specversion\":\"1.0\",\"type\":\"" type "\",\"source\":\"x\",\"id\":\"1\"," \
    "\"subject\":\"s1\",\"time\":\"2015-11-08T14:00:00+08:00\"," rest "}"
#define DATA(type, data) EVENT(type, "\"data\":" data)

/* Each is sound.  What is expected is the canonical data; "" where it is what was given. */
static const struct sound {
    const char *event, *canonical_data;
} sounds[] = {
    {DATA("reading", "{\"values\":{\"pm25\":168,\"o3\":12.5},\"flag\":\"N\"}"),
     "{\"values\":{\"o3\":12.5,\"pm25\":168},\"period\":\"1h\",\"flag\":\"N\"}"},
    {DATA("reading", "{\"values\":{\"a\":null,\"b\":-0.000001},\"period\":\"PT10M\","
                     "\"flag\":\"N\",\"flags\":{\"a\":\"M\"}}"),
     "{\"values\":{\"a\":null,\"b\":-0.000001},\"period\":\"10m\",\"flags\":{\"a\":\"M\",\"b\":"
     "\"N\"}}"},
    {DATA("forecast",
          "{\"series\":\"aqi_day\",\"issued\":\"2015-11-08T16:00\",\"start\":\"2015-11-08\","
          "\"step\":\"P1D\",\"values\":[[210,270],180,null],\"primary\":[\"pm25\"]}"),
     "{\"series\":\"aqi_day\",\"issued\":\"2015-11-08T08:00:00+00:00\","
     "\"start\":\"2015-11-07T16:00:00+00:00\",\"step\":\"24h\",\"values\":[[210,270],180,null],"
     "\"primary\":[\"pm25\"]}"},
    {DATA("forecast", "{\"series\":\"aqi_day\",\"start\":\"2015-11-08\",\"step\":\"P1D\","
                      "\"values\":[1,2],\"primary\":[[\"o3\",\"pm25\"],null]}"),
     "{\"series\":\"aqi_day\",\"issued\":\"2015-11-08T06:00:00+00:00\","
     "\"start\":\"2015-11-07T16:00:00+00:00\",\"step\":\"24h\",\"values\":[1,2],"
     "\"primary\":[[\"pm25\",\"o3\"],null]}"},
    {DATA("directive", "{\"level\":\"orange\",\"to\":\"2015-11-10\",\"number\":\"辽气函1号\"}"),
     "{\"level\":\"orange\",\"from\":\"2015-11-08T06:00:00+00:00\","
     "\"to\":\"2015-11-09T16:00:00+00:00\",\"number\":\"辽气函1号\"}"},
    {DATA("incident", "{\"lon\":123.5,\"lat\":41.8,\"kind\":\"straw_fire\",\"confidence\":0.90,"
                      "\"sat\":\"FY-3\"}"),
     "{\"confidence\":0.9,\"kind\":\"straw_fire\",\"lat\":41.8,\"lon\":123.5,\"sat\":\"FY-3\"}"},
    {DATA("decision", "{\"act\":\"break_glass\",\"by\":\"值班员\",\"note\":\"联系不上\",\"plan\":"
                      "\"0123456789ab\",\"count\":612}"),
     "{\"act\":\"break_glass\",\"by\":\"值班员\",\"note\":\"联系不上\",\"plan\":\"0123456789ab\","
     "\"count\":612}"},
    {DATA("decision", "{\"act\":\"correct\",\"by\":\"值班员\",\"text\":\"更正：自18时起\"}"),
     "{\"act\":\"correct\",\"by\":\"值班员\",\"text\":\"更正：自18时起\"}"},
    {DATA("decision", "{\"act\":\"pause\",\"by\":\"a\"}"), "{\"act\":\"pause\",\"by\":\"a\"}"},
    {DATA("decision", "{\"act\":\"resume\",\"by\":\"a\"}"), ""},
    {DATA("decision", "{\"act\":\"withdraw\",\"by\":\"a\"}"), ""},
    {DATA("decision", "{\"act\":\"reload\",\"by\":\"a\"}"), ""},
    {DATA("decision", "{\"act\":\"rollback\",\"by\":\"a\"}"), ""},
    {DATA("decision", "{\"act\":\"accept\",\"by\":\"a\"}"), ""},
    {DATA("decision", "{\"act\":\"test\",\"by\":\"a\"}"), ""},
    {DATA("decision", "{\"act\":\"hold\",\"by\":\"值班员\",\"until\":\"2015-11-08T18:00\"}"),
     "{\"act\":\"hold\",\"by\":\"值班员\",\"until\":\"2015-11-08T10:00:00+00:00\"}"},
    {DATA("receipt", "{\"kind\":\"acknowledged\",\"channel\":\"sms\",\"by\":null}"),
     "{\"kind\":\"acknowledged\",\"channel\":\"sms\"}"},
    {DATA("failure", "{\"rule\":\"heavy-pollution\",\"message\":\"where: budget spent\"}"), ""},
    {DATA("policy",
          "{\"hash\":\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"}"),
     ""},
};

Test(fact, sound_events_are_read_and_written_canonically)
{
    for (size_t i = 0; i < sizeof sounds / sizeof *sounds; i++) {
        struct arena arena = {0};
        struct findings findings = {0};
        struct fact fact, again;
        struct buf once = {0}, twice = {0};
        int err = read_fact(sounds[i].event, &arena, &fact, &findings);
        cr_assert_eq(findings.count, 0, "%s: %s", sounds[i].event,
                     findings.count ? findings.items[0].message : "");
        cr_assert_eq(err, 0);
        fact_print(&once, &fact);
        cr_expect(strstr(once.data, sounds[i].canonical_data), "%s", once.data);
        cr_assert_eq(read_fact(once.data, &arena, &again, &findings), 0, "%s", once.data);
        fact_print(&twice, &again);
        cr_expect_str_eq(twice.data, once.data);
        cr_expect_eq(again.arrival, fact.arrival);
        buf_release(&once);
        buf_release(&twice);
        findings_release(&findings);
        arena_release(&arena);
    }
}

/* What is wrong, its code, and the column it stands at (all on line 7). */
static const struct slip {
    const char *event, *code;
    const char *at; /* the complaint points at where this stands in the event; NULL: at its start */
} slips[] = {
    {"[1]", "N021", NULL},
    {"{\"specversion\":\"0.3\",\"type\":\"tick\",\"source\":\"x\",\"id\":\"1\"}", "N022",
     "\"0.3\""},
    {"{\"specversion\":\"1.0\",\"type\":\"tick\",\"source\":\"x\"}", "N022", NULL},
    {"{\"specversion\":\"1.0\",\"type\":\"tick\",\"source\":\"\",\"id\":\"1\"}", "N024", "\"\","},
    {"{\"specversion\":\"1.0\",\"type\":\"tick\",\"source\":\"a b\",\"id\":\"1\"}", "N024",
     "\"a b\""},
    {"{\"specversion\":\"1.0\",\"type\":\"tick\",\"source\":\"x\",\"id\":7}", "N024", "7"},
    {"{\"specversion\":\"1.0\",\"type\":\"tick\",\"source\":\"x\",\"id\":null}", "N022", NULL},
    {EVENT("tick", "\"Trace\":\"a\""), "N023", "\"a\""},
    {EVENT("tick", "\"trace_id\":\"a\""), "N023", "\"a\""},
    {EVENT("tick", "\"trace\":{\"a\":1}"), "N024", "{\"a\""},
    {EVENT("tick", "\"trace\":1.5"), "N024", "1.5}"},
    {EVENT("tick", "\"trace\":2147483648"), "N024", "2147483648"},
    {EVENT("tick", "\"trace\":\"a\\u0007\""), "N024", "\"a\\u"},
    {EVENT("tick", "\"recordedtime\":\"2015-11-08 14:00\""), "N025", "\"2015-11-08 14"},
    {EVENT("tick", "\"datacontenttype\":\"application/xml\""), "N026", "\"application"},
    {EVENT("tick", "\"datacontenttype\":\"json\""), "N026", "\"json"},
    {EVENT("tick", "\"data\":{},\"data_base64\":\"e30=\""), "N027", "\"e30"},
    {EVENT("reading", "\"data_base64\":\"e30=\""), "N027", "\"e30"},
    {EVENT("raeding", "\"data\":{}"), "N030", "\"raeding"},
    {DATA("reading", "{}"), "N031", "{}"},
    {DATA("reading", "5"), "N031", "5}"},
    {EVENT("reading", "\"dataschema\":\"x:y\""), "N031", NULL},
    {"{\"specversion\":\"1.0\",\"type\":\"reading\",\"source\":\"x\",\"id\":\"1\",\"time\":"
     "\"2015-11-08T14:00:00Z\",\"data\":{\"values\":{\"a\":1}}}",
     "N031", NULL},
    {"{\"specversion\":\"1.0\",\"type\":\"tick\",\"source\":\"x\",\"id\":\"1\"}", "N031", NULL},
    {"{\"specversion\":\"1.0\",\"type\":\"tick\",\"source\":\"x\",\"id\":\"1\",\"time\":\"2015-11-"
     "08T14:00\"}",
     "N025", "\"2015"},
    {"{\"specversion\":\"1.0\",\"type\":\"tick\",\"source\":\"x\",\"id\":\"1\",\"time\":\"2015-02-"
     "29T14:00:00Z\"}",
     "N025", "\"2015"},
    {DATA("reading", "{\"values\":{}}"), "N032", "{}"},
    {DATA("reading", "{\"values\":{\"pm25\":\"168\"}}"), "N032", "\"168"},
    {DATA("reading", "{\"values\":{\"pm25\":true}}"), "N032", "true"},
    {DATA("reading", "{\"values\":{\"pm25\":1e10}}"), "N032", "1e10"},
    {DATA("reading", "{\"values\":{\"pm25\":1},\"period\":\"1\"}"), "N032", "\"1\"}"},
    {DATA("reading", "{\"values\":{\"pm25\":1},\"period\":\"PT0S\"}"), "N032", "\"PT0S"},
    {DATA("reading", "{\"values\":{\"pm25\":1},\"flag\":\"NN\"}"), "N032", "\"NN"},
    {DATA("reading", "{\"values\":{\"pm25\":1},\"flags\":{\"pm10\":\"N\"}}"), "N032", "\"N\""},
    {DATA("reading", "{\"values\":{\"pm25\":1},\"flags\":\"N\"}"), "N032", "\"N\""},
    {DATA("forecast", "{\"start\":\"2015-11-08\",\"step\":\"P1D\",\"values\":[1]}"), "N031",
     "{\"start"},
    {DATA("forecast", "{\"series\":\"a\",\"start\":\"11-08\",\"step\":\"P1D\",\"values\":[1]}"),
     "N032", "\"11-08"},
    {DATA("forecast", "{\"series\":\"a\",\"start\":\"2015-11-08\",\"step\":\"P1D\",\"values\":[]}"),
     "N032", "[]"},
    {DATA("forecast",
          "{\"series\":\"a\",\"start\":\"2015-11-08\",\"step\":\"P1D\",\"values\":[1,[3,2]]}"),
     "N032", "[3,2]"},
    {DATA("forecast",
          "{\"series\":\"a\",\"start\":\"2015-11-08\",\"step\":\"P1D\",\"values\":[1,[3]]}"),
     "N032", "[3]"},
    {DATA("forecast",
          "{\"series\":\"a\",\"start\":\"2015-11-08\",\"step\":\"P1D\",\"values\":[[1,null]]}"),
     "N032", "[1,null]"},
    {DATA("forecast", "{\"series\":\"a\",\"start\":\"2015-11-08\",\"step\":\"P1D\",\"values\":[1],"
                      "\"primary\":[\"pm2.5\"]}"),
     "N032", "[\"pm2.5"},
    {DATA("forecast", "{\"series\":\"a\",\"start\":\"2015-11-08\",\"step\":\"P1D\",\"values\":[1],"
                      "\"primary\":[[\"o3\"],null]}"),
     "N032", "[[\"o3"},
    {DATA("directive", "{\"from\":\"2015-11-08\"}"), "N031", "{\"from"},
    {DATA("directive", "{\"level\":\"red\",\"to\":\"2015-11-01\"}"), "N032", "\"2015-11-01"},
    {DATA("incident", "{\"kind\":\"fire\",\"lon\":123}"), "N032", "123}"},
    {DATA("incident", "{\"kind\":\"fire\",\"lon\":223,\"lat\":41}"), "N032", "223"},
    {DATA("incident", "{\"kind\":\"fire\",\"confidence\":80}"), "N032", "80}"},
    {DATA("decision", "{\"act\":\"aprove\",\"by\":\"a\"}"), "N032", "\"aprove"},
    {DATA("decision", "{\"act\":\"approve\"}"), "N031", "{\"act"},
    {DATA("decision", "{\"act\":\"break_glas\",\"by\":\"a\"}"), "N032", "\"break_glas"},
    {DATA("decision", "{\"act\":\"approve\",\"by\":\"a\",\"count\":0}"), "N032", "0}"},
    {DATA("decision", "{\"act\":\"approve\",\"by\":\"a\",\"count\":1.5}"), "N032", "1.5}"},
    {DATA("decision", "{\"act\":\"approve\",\"by\":\"a\",\"count\":\"612\"}"), "N032", "\"612"},
    {DATA("decision", "{\"act\":\"correct\",\"by\":\"a\"}"), "N031", "{\"act"},
    {DATA("decision", "{\"act\":\"hold\",\"by\":\"a\"}"), "N031", "{\"act"},
    {DATA("decision", "{\"act\":\"override\",\"by\":\"a\"}"), "N031", "{\"act"},
    {DATA("receipt", "{\"kind\":\"seen\"}"), "N032", "\"seen"},
    {DATA("policy", "{\"hash\":\"abc\"}"), "N032", "\"abc"},
};

static int column_of(const struct slip *slip)
{
    const char *at = slip->at ? strstr(slip->event, slip->at) : slip->event;
    cr_assert_not_null(at, "%s", slip->event);
    return (int)(at - slip->event) + 1;
}

Test(fact, every_slip_is_named_at_its_column)
{
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
        struct arena arena = {0};
        struct findings findings = {0};
        struct fact fact;
        cr_expect_lt(read_fact(slips[i].event, &arena, &fact, &findings), 0, "%s", slips[i].event);
        cr_assert_gt(findings.count, 0, "%s", slips[i].event);
        const struct finding *first = &findings.items[0];
        cr_expect_str_eq(first->code, slips[i].code, "%s: %s %s", slips[i].event, first->code,
                         first->message);
        cr_expect_eq(first->line, 7);
        cr_expect_eq(first->col, column_of(&slips[i]), "%s: %s at %d, not %d", slips[i].event,
                     first->message, first->col, column_of(&slips[i]));
        findings_release(&findings);
        arena_release(&arena);
    }
}

Test(fact, a_misspelt_member_is_warned_of_and_the_fact_kept)
{
    struct arena arena = {0};
    struct findings findings = {0};
    struct fact fact;
    const char *event = DATA("reading", "{\"values\":{\"pm25\":1},\"perod\":\"P1D\"}");
    cr_expect_eq(read_fact(event, &arena, &fact, &findings), 0);
    cr_assert_eq(findings.warnings, 1);
    cr_expect_str_eq(findings.items[0].code, "N033");
    cr_expect_str_eq(findings.items[0].hint, "did you mean `period`?");
    findings_release(&findings);
    arena_release(&arena);
}

Test(fact, arrival_is_recorded_or_follows_the_kind)
{
    static const struct {
        const char *event;
        const char *arrival;
    } cases[] = {
        {DATA("reading", "{\"values\":{\"a\":1}}"), "2015-11-08T15:00:00+08:00"},
        {DATA("reading", "{\"values\":{\"a\":1},\"period\":\"P1D\"}"), "2015-11-09T14:00:00+08:00"},
        {DATA("forecast",
              "{\"series\":\"a\",\"issued\":\"2015-11-08T16:00\",\"start\":\"2015-11-08\","
              "\"step\":\"P1D\",\"values\":[1]}"),
         "2015-11-08T16:00:00+08:00"},
        {DATA("receipt", "{\"kind\":\"done\"}"), "2015-11-08T14:00:00+08:00"},
        {EVENT("tick", "\"recordedtime\":\"2015-11-08T14:00:07.5Z\""),
         "2015-11-08T22:00:07.500+08:00"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena arena = {0};
        struct findings findings = {0};
        struct fact fact;
        struct buf text = {0};
        cr_assert_eq(read_fact(cases[i].event, &arena, &fact, &findings), 0, "%s", cases[i].event);
        instant_print(&text, fact.arrival, 8 * HOUR_MS);
        cr_expect_str_eq(text.data, cases[i].arrival);
        buf_release(&text);
        findings_release(&findings);
        arena_release(&arena);
    }
}

Test(fact, content_leaves_the_arrival_out)
{
    struct arena arena = {0};
    struct findings findings = {0};
    struct fact early, late;
    struct buf a = {0}, b = {0};
    read_fact(EVENT("tick", "\"recordedtime\":\"2015-11-08T15:00:00Z\""), &arena, &early,
              &findings);
    read_fact(EVENT("tick", "\"recordedtime\":\"2015-11-08T16:00:00Z\""), &arena, &late, &findings);
    fact_print_content(&a, &early);
    fact_print_content(&b, &late);
    cr_expect_str_eq(a.data, b.data);
    cr_expect_neq(early.arrival, late.arrival);
    buf_release(&a);
    buf_release(&b);
    findings_release(&findings);
    arena_release(&arena);
}

Test(fact, a_copy_stands_alone_and_a_shift_moves_every_instant)
{
    for (size_t i = 0; i < sizeof sounds / sizeof *sounds; i++) {
        struct arena arena = {0}, second = {0};
        struct findings findings = {0};
        struct fact fact, copy;
        struct buf before = {0}, after = {0};
        cr_assert_eq(read_fact(sounds[i].event, &arena, &fact, &findings), 0);
        fact_print(&before, &fact);
        fact_copy(&copy, &second, &fact);
        fact_shift(&copy, 3 * HOUR_MS);
        fact_shift(&copy, -3 * HOUR_MS);
        arena_release(&arena);
        fact_print(&after, &copy);
        cr_expect_str_eq(after.data, before.data);
        fact_shift(&copy, DAY_MS);
        buf_clear(&after);
        fact_print(&after, &copy);
        cr_expect_null(strstr(after.data, "\"time\":\"2015-11-08"), "%s", after.data);
        buf_release(&before);
        buf_release(&after);
        findings_release(&findings);
        arena_release(&second);
    }
}

Test(fact, kinds_have_names)
{
    for (int kind = FACT_READING; kind <= FACT_FAILURE; kind++)
        cr_expect_eq(fact_kind_of(fact_kind_name((enum fact_kind)kind)), kind);
    cr_expect_eq(fact_kind_of("reeding"), ERR_NOT_FOUND);
    cr_expect_eq(fact_kind_of(NULL), ERR_NOT_FOUND);
}

Test(fact, a_reading_has_a_bound)
{
    struct arena arena = {0};
    struct findings findings = {0};
    struct buf text = {0};
    struct fact fact;
    buf_puts(&text, "{\"specversion\":\"1.0\",\"type\":\"reading\",\"source\":\"x\",\"id\":\"1\","
                    "\"subject\":\"s1\",\"time\":\"2015-11-08T14:00:00Z\",\"data\":{\"values\":{");
    for (int i = 0; i <= READING_VALUES_MAX; i++)
        buf_printf(&text, "%s\"v%d\":1", i ? "," : "", i);
    buf_puts(&text, "}}}");
    cr_expect_lt(read_fact(text.data, &arena, &fact, &findings), 0);
    cr_assert_eq(findings.count, 1);
    cr_expect_str_eq(findings.items[0].code, "N032");
    buf_release(&text);
    findings_release(&findings);
    arena_release(&arena);
}
