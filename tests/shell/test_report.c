/* Reports: one file, the same bytes, nothing from outside, everything escaped. */
#include "base/buf.h"
#include "cli/report.h"
#include "shell/scenario_case.h"
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const char text[] =
    "title: \"<b>试 & “验”</b>\"\nstart: 2026-01-05 16:00\nbundle: ../../policies/shenyang\nseed: "
    "3\n"
    "roles: {duty: 值班员}\n"
    "bots: [{match: {}, ack: {p: 0.9, delay: 2m..40m}, refuse: {p: 0.05, reason: \"<i>\"}}]\n"
    "objectives: [{id: o, text: 及时发布}]\n"
    "forecast: {at: T+0h, aqi_day: [90, 210, [210, 260], 90], primary: pm25}\n"
    "readings: {stations: all, from: T, pm25: 90x8 170x40}\n"
    "history: [{at: T+1h, level: red, text: 实际发布, source: 新闻}]\n"
    "injects: [{id: r, at: T+30m, role: {to: duty, by: 电话}, text: "
    "\"<script>alert(1)</script>\"}]\n"
    "expect:\n"
    "  - {id: a, kind: level, is: orange, by: T, objective: o, score: 5}\n"
    "  - {id: b, kind: level, is: red, objective: o, score: 5}\n"
    "  - {id: c, kind: manual, text: 记录完整, who: 评估组}\n";

static char *print(enum lang lang)
{
    struct played played;
    struct run_options options = {.drill = true, .trace = true, .fork_at = INSTANT_NONE};
    struct buf html = {0};
    play(&played, text, &options);
    cr_assert(played.ran, "%s", played.findings.count ? played.findings.items[0].message : "");
    struct report report = {.run = &played.run,
                            .bundle = played.bench.bundle,
                            .lang = lang,
                            .version = "0",
                            .fork_at = INSTANT_NONE};
    report_print(&html, &report);
    played_release(&played);
    return buf_detach(&html);
}

static void has(const char *html, const char *words)
{
    cr_expect(strstr(html, words), "the report lacks %s", words);
}

static void lacks(const char *html, const char *words)
{
    cr_expect_null(strstr(html, words), "the report has %s", words);
}

Test(report, equal_runs_give_equal_bytes)
{
    char *first = print(LANG_ZH), *second = print(LANG_ZH);
    cr_assert_str_eq(first, second);
    free(first);
    free(second);
}

Test(report, says_everything_in_chinese)
{
    char *html = print(LANG_ZH);
    static const char *const sections[] = {
        "摘要",           "空气质量与生效级别", "过程",       "与当年实际发布对照",
        "减排指令",       "减排比例与要求",     "确认与执行", "预期与评分",
        "各项决定的理由", "来源与可复现性"};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        has(html, sections[i]);
    has(html, "【演练】");
    has(html, "橙色 Ⅱ级");
    has(html, "得分5/10");
    has(html, "✗ 未达成");
    has(html, "scripts/rules/heavy_pollution.lua");
    free(html);
}

Test(report, needs_nothing_but_itself)
{
    char *html = print(LANG_ZH);
    static const char *const outside[] = {"http:", "https:", "src=", "@import", "url(", "<link"};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        lacks(html, outside[i]);
    free(html);
}

Test(report, is_escaped)
{
    char *html = print(LANG_ZH);
    lacks(html, "<b>试");
    lacks(html, "<script>alert");
    lacks(html, "<i>");
    has(html, "&lt;b&gt;试 &amp; “验”&lt;/b&gt;");
    free(html);
}

Test(report, can_be_english)
{
    char *html = print(LANG_EN);
    has(html, "Summary");
    has(html, "Why each decision");
    has(html, "aqi_day &gt; 200 for 48h from 2026-01-06");
    lacks(html, "摘要");
    free(html);
}

/* Every element that is opened is closed, in order; enough of a parser for what we write ourselves.
 */
Test(report, is_well_formed)
{
    char *html = print(LANG_ZH);
    char stack[64][16];
    int depth = 0;
    for (const char *at = strchr(html, '<'); at; at = strchr(at + 1, '<')) {
        char name[16] = "";
        bool closes = at[1] == '/';
        size_t size = strspn(at + 1 + closes, "abcdefghijklmnopqrstuvwxyz0123456789");
        const char *end = strchr(at, '>');
        cr_assert(end && size < sizeof name);
        memcpy(name, at + 1 + closes, size);
        bool empty = end[-1] == '/' || strcmp(name, "meta") == 0 || strcmp(name, "br") == 0;
        if (at[1] == '!' || empty)
            continue;
        if (!closes)
            strcpy(stack[depth++], name);
        else
            cr_assert_str_eq(stack[--depth], name, "at %.60s", at);
        if (!closes && (strcmp(name, "style") == 0 || strcmp(name, "script") == 0)) {
            at = strstr(at, closes ? ">" : "</");
            cr_assert_str_eq(stack[--depth], name);
        }
        cr_assert(depth >= 0 && depth < 64);
    }
    cr_assert_eq(depth, 0);
    free(html);
}
