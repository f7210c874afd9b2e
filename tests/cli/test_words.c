/* Words: what the engine says in ASCII, for readers of Chinese; and figures that never flatter. */
#include "base/buf.h"
#include "base/lang.h"
#include "cli/words.h"
#include "engine/plan.h"
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

Test(words, several_reasons)
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

Test(words, because)
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
    expect_because("approval refused: nothing waits for approval", "批准未生效：没有待批的方案");
    expect_because("something nobody foresaw", "something nobody foresaw");
    expect_because("", "");
}

Test(words, spans)
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

Test(words, a_share_is_never_rounded_up)
{
    struct share almost = {.cut = 1999999, .total = 10000000, .required_percent = 20};
    struct share just = {.cut = 2000000, .total = 10000000, .required_percent = 20};
    struct buf buf = {0};
    words_percent(&buf, &almost);
    cr_expect_str_eq(buf_str(&buf), "19.9");
    cr_expect_not(share_reached(&almost));
    cr_expect(share_reached(&just));
    buf_release(&buf);
}
