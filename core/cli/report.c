/* Report: the whole, and what stands at its two ends: what happened in three sentences, and from
 * what it can be made again. */
#include "cli/report.h"
#include "base/buf.h"
#include "cli/report_html.h"
#include "cli/words.h"
#include "model/bundle.h"
#include <stdlib.h>

/* ---- what happened ---- */

struct totals {
    int kinds[DECISION_KINDS];
    const char *peak; /* strictest level; or NULL */
    const struct record *first, *worst,
        *last; /* first issue; the plan at the peak; last transition */
    size_t orders, releases, told, acknowledged, refused, done;
    int met, failed, manual, score, score_max;
};

static void total_decisions(const struct page *page, struct totals *totals)
{
    int peak = -1;
    for (size_t i = 0; i < page->run->record_count; i++) {
        const struct record *record = &page->run->records[i];
        if (record->kind < DECISION_KINDS)
            totals->kinds[record->kind]++;
        if (!record_is_transition(record))
            continue;
        totals->first = totals->first ? totals->first : record;
        totals->last = record;
        int level = record->level ? policy_level(page->policy, record->level) : -1;
        if (level > peak) {
            peak = level;
            totals->peak = record->level;
            totals->worst = record;
        }
    }
}

static void total_orders(const struct page *page, struct totals *totals)
{
    unsigned char *told = calloc(page->policy->registry.count + 1, 1);
    for (size_t i = 0; i < page->wave_count; i++) {
        const struct wave *wave = &page->waves[i];
        totals->orders += wave->orders;
        totals->releases += wave->releases;
        totals->acknowledged += wave->acknowledged;
        totals->refused += wave->refused;
        totals->done += wave->done;
    }
    for (size_t i = 0; told && i < page->run->record_count; i++) {
        const struct record *record = &page->run->records[i];
        if (record->kind == DECISION_ORDER && record->recipient >= 0)
            told[record->recipient] = 1;
    }
    for (size_t i = 0; told && i < page->policy->registry.count; i++)
        totals->told += told[i];
    free(told);
}

static void total_expectations(const struct page *page, struct totals *totals)
{
    for (size_t i = 0; i < page->scenario->expect_count; i++) {
        enum outcome outcome = page->run->results[i].outcome;
        int score = page->scenario->expects[i].score;
        totals->met += outcome == OUTCOME_MET;
        totals->failed += outcome == OUTCOME_FAILED;
        totals->manual += outcome == OUTCOME_MANUAL;
        totals->score += outcome == OUTCOME_MET ? score : 0;
        totals->score_max += outcome == OUTCOME_MANUAL ? 0 : score;
    }
}

static void print_date(struct page *page, struct buf *out, instant_ms at)
{
    if (lang_get() == LANG_ZH)
        instant_print_chinese(out, at, page->zone);
    else
        words_when(out, at, page->zone);
}

/* 1: what was declared. */
static void sentence_course(struct page *page, const struct totals *totals)
{
    struct buf text = {0};
    print_date(page, &text, page->scenario->start);
    buf_puts(&text, tr(" to ", "至"));
    print_date(page, &text, page->run->last);
    buf_puts(&text, tr(": ", "，"));
    if (!totals->first) {
        buf_printf(&text, tr("%s declared no warning.", "%s未发布预警。"), page->policy->authority);
    } else {
        buf_printf(&text, tr("%s issued %d warning(s)", "%s按本政策包共发布重污染天气预警%d次"),
                   page->policy->authority, totals->kinds[DECISION_ISSUE]);
        const struct {
            enum decision_kind kind;
            const char *words;
        } others[] = {{DECISION_RAISE, tr(", raised %d time(s)", "、升级%d次")},
                      {DECISION_LOWER, tr(", lowered %d time(s)", "、降级%d次")},
                      {DECISION_REOPEN, tr(", reopened %d time(s)", "、重启%d次")},
                      {DECISION_LIFT, tr(", lifted %d time(s)", "、解除%d次")}};
        for (size_t i = 0; i < sizeof others / sizeof *others; i++)
            if (totals->kinds[others[i].kind])
                buf_printf(&text, others[i].words, totals->kinds[others[i].kind]);
        buf_puts(&text, tr("; the highest level was ", "，最高级别为"));
        level_print(page, &text, totals->peak);
        buf_puts(&text, tr(".", "。"));
    }
    buf_puts(page->out, "<p>");
    html_text(page->out, buf_str(&text));
    buf_puts(page->out, "</p>\n");
    buf_release(&text);
}

static void print_reached(struct buf *text, const struct record *record)
{
    for (int e = 0; e < EMISSIONS; e++) {
        struct buf percent = {0};
        share_print(&percent, &record->shares[e]);
        buf_printf(text, "%s%s %s%%", e ? tr(", ", "、") : "", emission_label((enum emission)e),
                   buf_str(&percent));
        buf_release(&percent);
    }
}

static bool all_reached(const struct record *record)
{
    bool all = true;
    for (int e = 0; e < EMISSIONS; e++)
        all = all && share_reached(&record->shares[e]);
    return all;
}

/* 2: why the highest level, and what was ordered. */
static void sentence_orders(struct page *page, const struct totals *totals)
{
    struct buf text = {0};
    const struct record *worst = totals->worst;
    if (worst && worst->because_count > 0) {
        buf_puts(&text, tr("The highest level rests on: ", "最高级别的依据："));
        for (int i = 0; i < worst->because_count; i++) {
            buf_puts(&text, i ? tr("; ", "；") : "");
            words_because(&text, worst->because[i]);
        }
        buf_puts(&text, tr(". ", "。"));
    }
    if (totals->orders > 0)
        buf_printf(&text, tr("%zu units were sent %zu orders", "共向%zu家单位下达减排指令%zu条"),
                   totals->told, totals->orders);
    else
        buf_puts(&text, tr("No order was sent", "未下达减排指令"));
    if (worst && worst->planned && shares_known(worst->shares)) {
        buf_puts(&text, tr("; at that level the plan cuts ", "；该级别方案预计减排全社会排放量的"));
        print_reached(&text, worst);
        if (worst->shares[0].required_percent > 0)
            buf_printf(&text,
                       all_reached(worst)
                           ? tr(", which meets the %d %% asked", "，达到%d%%的要求")
                           : tr(", which misses the %d %% asked", "，未达到%d%%的要求"),
                       worst->shares[0].required_percent);
    }
    buf_puts(&text, tr(".", "。"));
    buf_puts(page->out, "<p>");
    html_text(page->out, buf_str(&text));
    buf_puts(page->out, "</p>\n");
    buf_release(&text);
}

static size_t share_of(size_t part, size_t whole)
{
    return whole ? part * 1000 / whole : 0;
}

/* 3: how it was answered, and how it was judged. */
static void sentence_result(struct page *page, const struct totals *totals)
{
    struct buf text = {0};
    size_t sent = totals->orders + totals->releases;
    if (page_answered(page)) {
        size_t share = share_of(totals->acknowledged, sent);
        buf_printf(
            &text,
            tr("Of %zu messages %zu were acknowledged (%zu.%zu %%), %zu refused, %zu "
               "reported as done",
               "共%zu条指令（含解除通知）中，已确认%zu条（%zu.%zu%%），拒绝%zu条，报告执行%zu条"),
            sent, totals->acknowledged, share / 10, share % 10, totals->refused, totals->done);
        buf_puts(&text, totals->score_max ? tr("; ", "；") : tr(".", "。"));
    }
    if (totals->score_max)
        buf_printf(&text,
                   tr("%d of %d expectations were met, score %d of %d.",
                      "预期%2$d项，达成%1$d项，得分%3$d/%4$d。"),
                   totals->met, totals->met + totals->failed, totals->score, totals->score_max);
    if (text.size == 0)
        buf_puts(&text, tr("Nobody was asked to answer: this is a calculation on paper.",
                           "本次为纸面推演，未设模拟应答，也未向任何单位发送信息。"));
    buf_puts(page->out, "<p>");
    html_text(page->out, buf_str(&text));
    buf_puts(page->out, "</p>\n");
    buf_release(&text);
}

static void card(struct page *page, const char *name, const char *value, const char *note)
{
    buf_puts(page->out, "<div class=\"card\"><span class=\"k\">");
    html_text(page->out, name);
    buf_puts(page->out, "</span><b>");
    if (value)
        html_text(page->out, value);
    else
        html_badge(page, note);
    buf_puts(page->out, "</b>");
    if (value && note) {
        buf_puts(page->out, "<small>");
        html_text(page->out, note);
        buf_puts(page->out, "</small>");
    }
    buf_puts(page->out, "</div>\n");
}

static void cards(struct page *page, const struct totals *totals)
{
    struct buf value = {0}, note = {0};
    buf_puts(page->out, "<div class=\"cards\">\n");
    card(page, tr("highest level", "最高级别"), NULL, totals->peak);
    buf_printf(&value, "%zu", totals->orders);
    buf_printf(&note, tr("to %zu units, %zu releases", "涉及 %zu 家单位；解除通知 %zu 条"),
               totals->told, totals->releases);
    card(page, tr("orders", "减排指令"), buf_str(&value), buf_str(&note));
    buf_clear(&value);
    buf_clear(&note);
    size_t share = share_of(totals->acknowledged, totals->orders + totals->releases);
    if (page_answered(page))
        buf_printf(&value, "%zu.%zu%%", share / 10, share % 10);
    else
        buf_puts(&value, "—");
    buf_printf(&note, tr("refused %zu, done %zu", "拒绝 %zu，报告执行 %zu"), totals->refused,
               totals->done);
    card(page, tr("acknowledged", "确认率"), buf_str(&value), buf_str(&note));
    buf_clear(&value);
    buf_clear(&note);
    if (totals->score_max)
        buf_printf(&value, "%d / %d", totals->score, totals->score_max);
    else
        buf_puts(&value, "—");
    buf_printf(&note, tr("met %d, not met %d, open %d", "达成 %d，未达成 %d，待评 %d"), totals->met,
               totals->failed, totals->manual);
    card(page, tr("score", "得分"), buf_str(&value), buf_str(&note));
    buf_puts(page->out, "</div>\n");
    buf_release(&value);
    buf_release(&note);
}

void report_summary(struct page *page)
{
    struct totals totals = {.peak = NULL};
    total_decisions(page, &totals);
    total_orders(page, &totals);
    total_expectations(page, &totals);
    html_heading(page, "summary", tr("Summary", "摘要"));
    buf_puts(page->out, "<div class=\"lead\">\n");
    if (page->run->first != INSTANT_NONE) {
        sentence_course(page, &totals);
        sentence_orders(page, &totals);
    }
    sentence_result(page, &totals);
    buf_puts(page->out, "</div>\n");
    cards(page, &totals);
}

/* ---- from what it can be made again ---- */

static void row(struct page *page, const char *name, const char *value, bool code)
{
    buf_puts(page->out, "<tr><th>");
    html_text(page->out, name);
    buf_puts(page->out, code ? "</th><td><code>" : "</th><td>");
    html_text(page->out, value);
    buf_puts(page->out, code ? "</code></td></tr>\n" : "</td></tr>\n");
}

static void report_provenance(struct page *page)
{
    const struct report *report = page->report;
    struct buf text = {0};
    html_heading(page, "source", tr("Provenance", "来源与可复现性"));
    for (size_t i = 0; i < page->scenario->report_note_count; i++) {
        buf_puts(page->out, i ? "<li>" : "<ul><li>");
        html_text(page->out, page->scenario->report_notes[i]);
        buf_puts(page->out, "</li>\n");
    }
    buf_puts(page->out, page->scenario->report_note_count ? "</ul>\n<table>\n" : "<table>\n");
    row(page, tr("policy bundle, SHA-256", "政策包 SHA-256"), report->bundle->hash, true);
    buf_printf(&text, "yujing %s", report->version);
    row(page, tr("engine", "引擎版本"), buf_str(&text), false);
    buf_clear(&text);
    buf_printf(&text, "%llu", (unsigned long long)page->scenario->seed);
    row(page, tr("seed", "随机种子"), buf_str(&text), false);
    buf_clear(&text);
    buf_printf(&text,
               tr("%zu stepped, %zu kept back by faults", "采用 %zu 条，因故障注入未采用 %zu 条"),
               page->run->facts, page->run->silenced);
    row(page, tr("facts", "事实"), buf_str(&text), false);
    row(page, tr("facts, SHA-256", "事实 SHA-256"), page->run->facts_hash, true);
    if (report->command)
        row(page, tr("made by", "生成命令"), report->command, true);
    buf_puts(page->out, "</table>\n");
    buf_printf(page->out, "<p class=\"soft small\">%s</p>\n",
               tr("Equal bundle, facts and seed give this report again, byte for byte.",
                  "同一政策包、同一事实、同一种子，可逐字节重现本报告。"));
    buf_release(&text);
}

/* ---- the whole ---- */

static void head(struct page *page, const char *title)
{
    struct buf *out = page->out;
    buf_printf(out,
               "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>",
               lang_get() == LANG_ZH ? "zh-CN" : "en");
    html_text(out, page->scenario->banner);
    html_text(out, title);
    buf_printf(
        out,
        "</title>\n<style>\n%s</style>\n</head>\n<body class=\"drill\">\n<div class=\"banner\">",
        report_style);
    html_text(out, page->scenario->banner);
    html_text(out, tr(" Exercise on paper: nothing in this report was sent to anybody, none of it "
                      "is in force.",
                      "　本报告为推演材料，所列指令均未发出，不产生任何效力"));
    buf_puts(out, "</div>\n<main>\n<h1>");
    html_text(out, title);
    buf_puts(out, "</h1>\n<p class=\"sub\">");
    html_text(out, page->policy->authority);
    if (page->run->first != INSTANT_NONE) {
        struct buf span = {0};
        buf_puts(&span, tr(" · ", "　"));
        print_date(page, &span, page->scenario->start);
        buf_puts(&span, " — ");
        print_date(page, &span, page->run->last);
        html_text(out, buf_str(&span));
        buf_release(&span);
    }
    buf_puts(out, "</p>\n");
}

static void print_page(struct page *page)
{
    const struct scenario *scenario = page->scenario;
    const char *title = scenario->report_title ? scenario->report_title : scenario->title;
    page_waves(page);
    head(page, title);
    report_summary(page);
    report_chart(page);
    report_timeline(page);
    report_history(page);
    report_orders(page);
    report_shares(page);
    report_answers(page);
    report_expectations(page);
    report_fork(page);
    report_why(page);
    report_provenance(page);
    buf_puts(page->out, "<footer>");
    html_text(page->out, scenario->banner);
    html_text(page->out, title);
    buf_printf(page->out, "</footer>\n</main>\n<script>\n%s</script>\n</body>\n</html>\n",
               report_script);
    free(page->waves);
}

void report_print(struct buf *html, const struct report *report)
{
    struct page page = {
        .out = html,
        .report = report,
        .run = report->run,
        .scenario = report->run->scenario,
        .policy = report->run->policy,
        .zone = report->run->policy->zone,
    };
    enum lang former = lang_speak(report->lang);
    print_page(&page);
    lang_speak(former);
}
