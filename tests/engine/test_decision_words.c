/* What the engine says in ASCII, for readers of Chinese. */
#include "base/buf.h"
#include "base/lang.h"
#include "engine/decision_words.h"
#include <criterion/criterion.h>

static void expect_because(const char *english, const char *chinese)
{
    struct buf buf = {0};
    lang_set(LANG_ZH);
    words_because(&buf, english);
    cr_expect_str_eq(buf_str(&buf), chinese);
    buf_clear(&buf);
    lang_set(LANG_EN);
    words_because(&buf, english);
    cr_expect_str_eq(buf_str(&buf), english);
    buf_release(&buf);
}

Test(decision_words, several_reasons)
{
    struct buf buf = {0};
    lang_set(LANG_ZH);
    words_reasons(&buf, "aqi_day > 200 for 24h from 2015-11-06; receipt done");
    cr_expect_str_eq(buf_str(&buf), "日AQI > 200 持续24小时，自2015-11-06起；已收到办结回执");
    buf_clear(&buf);
    words_reasons(&buf, "approval refused: the bundle's author may not approve; receipt done");
    cr_expect_str_eq(buf_str(&buf), "批准未生效：政策包的编写人不得批准；已收到办结回执");
    buf_release(&buf);
}

Test(decision_words, because)
{
    expect_because("aqi_day > 200 for 120h from 2015-11-06",
                   "日AQI > 200 持续120小时，自2015-11-06起");
    expect_because("aqi_24h <= 150 for 24h from 2015-11-06T19:00",
                   "滑动24小时AQI <= 150 持续24小时，自2015-11-06 19:00起");
    expect_because("production_kw > 5 and treatment_kw <= 1 for 15m from 2026-01-01T08:00",
                   "生产用电功率 > 5，且治污用电功率 <= 1 持续15分钟，自2026-01-01 08:00起");
    expect_because("directive 2015-11 orange until further notice",
                   "上级或区域预警 2015-11 orange，至另行通知");
    expect_because("aqi_24h unknown since 2015-11-06T19:00",
                   "滑动24小时AQI自2015-11-06 19:00起没有有效数据");
    expect_because("no valid values from taiyuanjie, xiaoheyan",
                   "缺有效数据的站点：taiyuanjie、xiaoheyan");
    expect_because("no bulletin in force for aqi_day: the last is too old",
                   "日AQI没有有效公报：最近一期已过期");
    expect_because("bulletin b1: no area 210199 or no series aqi_dya",
                   "公报 b1：没有区域 210199 或序列 aqi_dya");
    expect_because("reading of s1 at 2015-11-06T19:05:00+08:00 does not fit the steps of pm25: not "
                   "used",
                   "s1 在 2015-11-06 19:05:00+08:00 的读数与pm25的时段不符，未采用");
    expect_because("t/1 r7 was said before with other content",
                   "t/1 r7 曾以不同内容上报，本次未采用");
    expect_because("directive 2015-11: no warning of 210100 has a level purple",
                   "上级或区域预警 2015-11：210100 的预警没有 purple 级");
    expect_because("directive 2015-11 orange until 2015-11-08T12:00",
                   "上级或区域预警 2015-11 orange，至2015-11-08 12:00");
    expect_because("approved by 甲 alone, by break-glass", "批准：甲（紧急授权，一人决定）");
    expect_because("by 甲 alone, by break-glass: 联系不上",
                   "由 甲（紧急授权，一人决定）：联系不上");
    expect_because("by 甲 alone, by break-glass", "由 甲（紧急授权，一人决定）");
    expect_because("decision d1 by 值班员 concerns nothing: 210100/x",
                   "值班员 的决定 d1 没有对应的事项：210100/x");
    expect_because("the plan has 812 orders, more than the limit of 700",
                   "方案涉及 812 项指令，超过规模上限 700");
    expect_because("approved by 甲 and 乙", "批准：甲、乙");
    expect_because("by 值班员: for the record, unknown since noon",
                   "由 值班员：for the record, unknown since noon");
    expect_because("approval refused: nothing waits for approval", "批准未生效：没有待批的方案");
    expect_because("approval refused: there is no level purple", "批准未生效：没有 purple 级");
    expect_because("something nobody foresaw", "something nobody foresaw");
    expect_because("", "");
}

Test(decision_words, spans)
{
    struct buf buf = {0};
    lang_set(LANG_ZH);
    words_span(&buf, 3 * (span_ms)DAY_MS + 4 * HOUR_MS);
    buf_putc(&buf, '|');
    words_span(&buf, 30 * MINUTE_MS);
    buf_putc(&buf, '|');
    words_span(&buf, 0);
    lang_set(LANG_EN);
    buf_putc(&buf, '|');
    words_span(&buf, 25 * (span_ms)HOUR_MS);
    cr_expect_str_eq(buf_str(&buf), "3天4小时|30分钟|0分钟|1 d 1 h");
    buf_release(&buf);
}
