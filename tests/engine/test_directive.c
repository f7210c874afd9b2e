/* A higher authority's warning lies over the city's own: each binds from its own begin, and the end
 * of one takes nothing from the other. */
#include "base/err.h"
#include "base/str.h"
#include "model/bundle.h"
#include "stream.h"
#include <criterion/criterion.h>
#include <string.h>

#define EVENT(type, id, time, data)                                                \
    "{\"specversion\":\"1.0\",\"source\":\"t\",\"id\":\"" id "\",\"type\":\"" type \
    "\",\"subject\":\"210100\",\"time\":\"2026-01-05T" time ":00+08:00\",\"data\":" data "}\n"
#define DIRECTIVE(id, time, level, from)                         \
    EVENT("directive", id, time,                                 \
          "{\"level\":\"" level "\",\"from\":\"2026-01-05T" from \
          ":00+08:00\",\"to\":\"2026-01-08T12:00:00+08:00\",\"number\":\"" id "\"}")

static void play(const char *events, struct stream *ret)
{
    struct findings findings = {0};
    struct bundle *bundle;
    struct program *program;
    struct facts facts;
    cr_assert_geq(bundle_load(&bundle, "policies/shenyang", NULL, &findings), 0);
    cr_assert_geq(program_new(&program, bundle, &findings), 0);
    findings_release(&findings);
    facts_read(&facts, events, &bundle->policy);
    stream_play(ret, program, &bundle->policy, APPROVALS_ALL, facts.items, facts.count,
                INSTANT_NONE);
    facts_release(&facts);
    program_free(program);
    bundle_free(bundle);
}

/* The last decision of the kind, to that recipient or to nobody; it must exist. */
static const struct told *last(const struct stream *stream, enum decision_kind kind, const char *to)
{
    for (size_t i = stream->count; i-- > 0;)
        if (stream->items[i].kind == kind && str_equal(stream->items[i].to, to))
            return &stream->items[i];
    cr_assert_fail("nothing of that kind to %s", to ? to : "nobody");
    return NULL;
}

Test(directive, binds_at_once_although_the_citys_own_warning_is_for_later)
{
    struct stream stream;
    play(EVENT("forecast", "b", "16:00",
               "{\"series\":\"aqi_day\",\"issued\":\"2026-01-05T16:00:00+08:00\",\"start\":"
               "\"2026-01-05\",\"step\":\"P1D\",\"values\":[90,90,210,90,90]}")
             DIRECTIVE("辽环函1号", "18:00", "red", "18:00"),
         &stream);
    const struct told *raise = last(&stream, DECISION_RAISE, NULL);
    cr_expect_eq(raise->begin, raise->at);
    const char *text = last(&stream, DECISION_ORDER, "210106-0002")->text;
    cr_expect(strstr(text, "决定自2026年1月5日18时起"), "%s", text);
    stream_release(&stream);
}

Test(directive, a_stricter_one_for_later_takes_nothing_away_until_then)
{
    struct stream stream;
    play(DIRECTIVE("一号", "01:00", "orange", "01:00") DIRECTIVE("二号", "05:00", "red", "14:00"),
         &stream);
    const char *text = last(&stream, DECISION_ORDER, "210106-0002")->text;
    cr_expect(strstr(text, "自2026年1月5日14时起，3#造型线停止生产"), "%s", text);
    cr_expect(strstr(text, "3. 5#冲天炉停止生产"), "what orange asks goes on: %s", text);
    stream_release(&stream);
}

Test(directive, that_opens_an_episode_has_not_ended)
{
    struct stream stream;
    play(DIRECTIVE("一号", "01:00", "orange", "01:00"), &stream);
    const char *line = last(&stream, DECISION_ISSUE, NULL)->line;
    cr_expect(strstr(line, "\"because\":[\"directive 一号 orange"), "%s", line);
    stream_release(&stream);
}
