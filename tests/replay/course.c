/* See course.h. */
#include "course.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "engine/plan.h"
#include "shell/replay.h"
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void settle(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        cr_assert_neq(findings->items[i].severity, SEV_ERROR, "%s:%d: %s", findings->items[i].file,
                      findings->items[i].line, findings->items[i].message);
    findings_release(findings);
}

struct course course_open(const char *folder, const char *with, const char *const *files)
{
    struct course course = {.options = {.approvals = APPROVALS_ALL, .trace = true}};
    struct findings findings = {0};
    int err = bundle_load(&course.bundle, folder, with, &findings);
    if (err >= 0)
        err = program_new(&course.program, course.bundle, &findings);
    settle(&findings);
    cr_assert_geq(err, 0);
    feed_new(&course.feed, course.bundle->policy.zone, &course.bundle->policy);
    for (size_t i = 0; files[i]; i++)
        feed_add_file(course.feed, files[i], 0, &findings);
    feed_sort(course.feed, &findings);
    settle(&findings);
    cr_assert_gt(feed_count(course.feed), 0);
    return course;
}

void course_close(struct course *course)
{
    feed_free(course->feed);
    program_free(course->program);
    bundle_free(course->bundle);
}

/* ---- playing ---- */

struct play {
    const struct course *course;
    struct engine *engine;
    struct hasher *hasher;
    struct buf line;
    struct fingerprint print;
    size_t save_every, steps;
};

static void hash_decision(struct play *play, const struct decision *decision)
{
    struct buf *line = &play->line;
    buf_clear(line);
    decision_print(line, decision, play->course->bundle->policy.zone);
    buf_printf(line, "\n%lld %s\n%s\n%s\n", (long long)decision->begin,
               decision->plan ? decision->plan->hash : "-", decision->text ? decision->text : "-",
               decision->trace ? decision->trace : "-");
    hasher_add(play->hasher, line->data, line->size);
    play->print.decisions++;
    play->print.kinds |= 1ul << decision->kind;
}

static void reload(struct play *play)
{
    struct buf bytes = {0}, again = {0};
    char *dropped = NULL;
    engine_save(play->engine, &bytes);
    engine_free(play->engine);
    engine_new(&play->engine, play->course->program, &play->course->options);
    cr_assert_eq(engine_load(play->engine, bytes.data, bytes.size, &dropped), 0);
    cr_assert(!dropped || !*dropped, "step %zu: dropped %s", play->steps, dropped);
    engine_save(play->engine, &again);
    cr_assert(bytes.size == again.size && memcmp(bytes.data, again.data, bytes.size) == 0,
              "step %zu: a loaded state saves to other bytes", play->steps);
    free(dropped);
    buf_release(&bytes);
    buf_release(&again);
}

static void step(struct play *play, const struct fact *fact)
{
    struct step step;
    if (play->save_every > 0 && play->steps > 0 && play->steps % play->save_every == 0)
        reload(play);
    play->steps++;
    cr_assert_eq(engine_step(play->engine, fact, &step), 0);
    for (size_t i = 0; i < step.count; i++)
        hash_decision(play, &step.decisions[i]);
}

static void tick_until(struct play *play, instant_ms horizon)
{
    instant_ms due;
    while ((due = engine_due_by(play->engine, horizon)) != INSTANT_NONE) {
        struct fact tick = {
            .kind = FACT_TICK, .time = due, .arrival = due, .source = "replay", .id = ""};
        step(play, &tick);
    }
}

struct fingerprint course_play(const struct course *course, size_t save_every)
{
    struct play play = {.course = course, .save_every = save_every, .hasher = hasher_new()};
    unsigned char hash[HASH_BYTES];
    engine_new(&play.engine, course->program, &course->options);
    for (size_t i = 0; i < feed_count(course->feed); i++) {
        tick_until(&play, feed_arrival(course->feed, i));
        step(&play, feed_fact(course->feed, i));
    }
    engine_free(play.engine);
    buf_release(&play.line);
    hasher_done(play.hasher, hash);
    hash_hex(hash, play.print.hash);
    return play.print;
}

/* ---- the courses ---- */

struct course course_november(void)
{
    static const char with[] =
        "{\"pollutants\":[\"pm25\"],\"required\":[\"pm25\"],"
        "\"areas\":[{\"code\":\"210100\",\"name\":\"沈阳市\",\"stations\":[\"taiyuanjie\","
        "\"xiaoheyan\"]}],\"stations\":[{\"id\":\"taiyuanjie\",\"name\":\"太原街\",\"district\":"
        "\"210102\"},{\"id\":\"xiaoheyan\",\"name\":\"小河沿\",\"district\":\"210103\"}]}";
    const char *files[] = {"examples/2015-11-shenyang/readings.csv",
                           "examples/2015-11-shenyang/bulletins.jsonl", NULL};
    return course_open("policies/shenyang", with, files);
}

struct course course_city(bool approvals)
{
    static const char with[] = "{\"pollutants\":[\"pm25\",\"o3\"],\"required\":[\"pm25\"]}";
    const char *files[] = {"tests/replay/city/readings.csv", "tests/replay/city/events.jsonl",
                           approvals ? "tests/replay/city/approvals.jsonl" : NULL, NULL};
    struct course course = course_open("policies/shenyang", with, files);
    course.options.approvals = approvals ? APPROVALS_BY_FACT : APPROVALS_ALL;
    return course;
}

/* A bulletin a day at 16:00: four clean days after each five foul ones, all seen too good or too
 * bad by turns, so that announced levels rise, fall and are withdrawn. */
static void add_bulletins(struct feed *feed, int64_t first_day, int64_t last_day)
{
    struct findings findings = {0};
    struct buf text = {0};
    for (int64_t day = first_day; day <= last_day; day++) {
        struct buf issued = {0};
        instant_print(&issued, day * DAY_MS + 8 * HOUR_MS, 8 * (span_ms)HOUR_MS);
        buf_printf(
            &text,
            "{\"specversion\":\"1.0\",\"id\":\"b%lld\",\"source\":\"test\",\"type\":"
            "\"forecast\",\"subject\":\"210100\",\"time\":\"%s\",\"data\":{\"series\":"
            "\"aqi_day\",\"issued\":\"%s\",\"start\":\"%.10s\",\"step\":\"P1D\",\"values\":[",
            (long long)day, buf_str(&issued), buf_str(&issued), buf_str(&issued));
        for (int i = 0; i < 6; i++)
            buf_printf(&text, "%s%d", i ? "," : "",
                       ((day + i) % 9 < 5 ? 200 : 0) + (int)(day * 7919 % 5) * 45);
        buf_puts(&text, "]}}\n");
        buf_release(&issued);
    }
    feed_add_text(feed, "bulletins", buf_str(&text), text.size, 0, &findings);
    settle(&findings);
    buf_release(&text);
}

/* The rows of the record from November 2014 to February 2015, as our CSV. */
static void add_winter(struct feed *feed, FILE *record)
{
    struct findings findings = {0};
    struct buf text = {0};
    char line[512], cells[2][16];
    int year, month, day, hour;
    buf_puts(&text, "time,subject,series,value\n");
    while (fgets(line, sizeof line, record)) {
        /* No,year,month,day,hour,season,PM_Taiyuanjie,PM_US Post,PM_Xiaoheyan,… */
        if (sscanf(line, "%*d,%d,%d,%d,%d,%*d,%15[^,],%*[^,],%15[^,]", &year, &month, &day, &hour,
                   cells[0], cells[1]) != 6 ||
            !((year == 2014 && month >= 11) || (year == 2015 && month <= 2)))
            continue;
        for (int i = 0; i < 2; i++)
            buf_printf(&text, "%d-%02d-%02dT%02d:00:00+08:00,%s,pm25,%s\n", year, month, day, hour,
                       i ? "xiaoheyan" : "taiyuanjie", str_equal(cells[i], "NA") ? "" : cells[i]);
    }
    feed_add_text(feed, "winter.csv", buf_str(&text), text.size, 0, &findings);
    settle(&findings);
    buf_release(&text);
}

struct course course_winter(void)
{
    static const char path[] = "../shared/data/air/ShenyangPM20100101_20151231.csv";
    FILE *record = fopen(path, "r");
    if (!record)
        cr_skip_test("no data: ../shared/data/air is not there");
    struct course course = {.options = {.approvals = APPROVALS_ALL, .trace = true}};
    struct findings findings = {0};
    cr_assert_geq(bundle_load(&course.bundle, "policies/examples/pm25-only", NULL, &findings), 0);
    cr_assert_geq(program_new(&course.program, course.bundle, &findings), 0);
    settle(&findings);
    feed_new(&course.feed, course.bundle->policy.zone, &course.bundle->policy);
    add_winter(course.feed, record);
    fclose(record);
    add_bulletins(course.feed, days_of_date(2014, 11, 1), days_of_date(2015, 2, 28));
    feed_sort(course.feed, NULL);
    return course;
}
