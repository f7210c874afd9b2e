/* How the run was judged: expectations by objective, and the other branch of a fork. */
#include "base/buf.h"
#include "cli/report_html.h"
#include "cli/words.h"

/* ---- expectations ---- */

static void outcome_cell(struct page *page, const struct expect_result *result)
{
    switch (result->outcome) {
    case OUTCOME_MET:
        buf_printf(page->out, "<td class=\"t\"><span class=\"yes\">✓ %s</span>", tr("met", "达成"));
        if (result->at != INSTANT_NONE) {
            buf_puts(page->out, "<br><span class=\"soft small\">");
            html_offset(page, result->at);
            buf_puts(page->out, "</span>");
        }
        buf_puts(page->out, "</td>");
        break;
    case OUTCOME_FAILED:
        buf_printf(page->out, "<td class=\"t\"><span class=\"not\">✗ %s</span></td>",
                   tr("not met", "未达成"));
        break;
    case OUTCOME_MANUAL:
        buf_printf(page->out, "<td class=\"t\">☐ %s</td>", tr("to judge", "待评"));
        break;
    }
}

static void expectation_row(struct page *page, size_t number)
{
    const struct expect *expect = &page->scenario->expects[number];
    /* judged again, so that its words are in the report's language */
    struct expect_result result = expect_judge(expect, page->run, INSTANT_NONE);
    buf_puts(page->out, "<tr><td>");
    if (expect->text && expect->kind != EXPECT_MANUAL) {
        html_text(page->out, expect->text);
        buf_puts(page->out, "<br><span class=\"soft small\">");
        html_text(page->out, result.expected);
        buf_puts(page->out, "</span>");
    } else {
        html_text(page->out, result.expected);
    }
    if (expect->who) {
        buf_puts(page->out, tr(" — ", "——"));
        html_text(page->out, expect->who);
    }
    buf_puts(page->out, "</td>");
    outcome_cell(page, &result);
    if (result.outcome == OUTCOME_MANUAL)
        buf_printf(page->out, "<td>%s<span class=\"fill\">&nbsp;</span></td>",
                   tr("findings: ", "评估意见："));
    else {
        buf_puts(page->out, "<td class=\"small\">");
        html_text(page->out, result.got);
        buf_puts(page->out, "</td>");
    }
    if (result.outcome == OUTCOME_MANUAL)
        buf_printf(page->out,
                   "<td class=\"n\"><span class=\"fill\" style=\"min-width:2em\">&nbsp;</span> / "
                   "%d</td></tr>\n",
                   expect->score);
    else
        buf_printf(page->out, "<td class=\"n\">%d / %d</td></tr>\n",
                   result.outcome == OUTCOME_MET ? expect->score : 0, expect->score);
    expect_result_release(&result);
}

static void objective_row(struct page *page, int objective)
{
    const struct scenario *scenario = page->scenario;
    int score = 0, possible = 0;
    bool any = false;
    for (size_t i = 0; i < scenario->expect_count; i++) {
        const struct expect *expect = &scenario->expects[i];
        if (expect->objective != objective)
            continue;
        any = true;
        if (page->run->results[i].outcome == OUTCOME_MANUAL)
            continue;
        possible += expect->score;
        score += page->run->results[i].outcome == OUTCOME_MET ? expect->score : 0;
    }
    if (!any)
        return;
    buf_puts(page->out, "<tr class=\"sum\"><th colspan=\"3\">");
    if (objective >= 0) {
        html_text(page->out, scenario->objectives[objective].text);
        if (scenario->objectives[objective].clause) {
            buf_puts(page->out, tr(" (plan: ", "（预案："));
            html_text(page->out, scenario->objectives[objective].clause);
            buf_puts(page->out, tr(")", "）"));
        }
    } else {
        html_text(page->out, scenario->objective_count ? tr("Other", "其他") : tr("All", "全部"));
    }
    buf_printf(page->out, "</th><td class=\"n\">%d / %d</td></tr>\n", score, possible);
    for (size_t i = 0; i < scenario->expect_count; i++)
        if (scenario->expects[i].objective == objective)
            expectation_row(page, i);
}

/* Objectives count by their weight: the share reached of each, weighted. */
static void weighted_score(struct page *page)
{
    const struct scenario *scenario = page->scenario;
    int64_t weights = 0, sum = 0; /* hundredths of a percent × weight */
    for (size_t k = 0; k < scenario->objective_count; k++) {
        int64_t score = 0, possible = 0;
        for (size_t i = 0; i < scenario->expect_count; i++) {
            const struct expect *expect = &scenario->expects[i];
            if (expect->objective != (int)k || page->run->results[i].outcome == OUTCOME_MANUAL)
                continue;
            possible += expect->score;
            score += page->run->results[i].outcome == OUTCOME_MET ? expect->score : 0;
        }
        if (possible == 0)
            continue;
        weights += scenario->objectives[k].weight;
        sum += score * 1000 * scenario->objectives[k].weight / possible;
    }
    if (weights > 0)
        buf_printf(page->out,
                   tr("<p>Weighted over the objectives: <b>%lld.%lld %%</b>.</p>\n",
                      "<p>按目标权重折算，综合得分 <b>%lld.%lld%%</b>。</p>\n"),
                   (long long)(sum / weights / 10), (long long)(sum / weights % 10));
}

void report_expectations(struct page *page)
{
    if (page->scenario->expect_count == 0)
        return;
    html_heading(page, "expect", tr("Expectations and scores", "预期与评分"));
    buf_printf(page->out,
               "<table>\n<thead><tr><th>%s</th><th>%s</th><th>%s</th><th "
               "class=\"n\">%s</th></tr></thead>\n",
               tr("expected", "预期"), tr("outcome", "结果"), tr("what came", "实际情况"),
               tr("score", "得分"));
    for (int objective = 0; objective < (int)page->scenario->objective_count; objective++)
        objective_row(page, objective);
    objective_row(page, -1);
    buf_puts(page->out, "</table>\n");
    weighted_score(page);
}

/* ---- the other branch ---- */

static void branch_cell(struct page *page, const struct record *record)
{
    if (!record) {
        buf_puts(page->out, "<td class=\"t soft\">—</td><td></td>");
        return;
    }
    buf_puts(page->out, "<td class=\"t\">");
    html_when(page, record->at);
    buf_printf(page->out, "</td><td>%s ", words_kind(record->kind));
    html_badge(page, record->level);
    if (record->planned)
        buf_printf(page->out,
                   tr(" <span class=\"soft\">%zu messages</span>",
                      " <span class=\"soft\">指令 %zu 条</span>"),
                   record->plan_orders);
    buf_puts(page->out, "</td>");
}

static const struct record *next_transition(const struct run *run, size_t *at, instant_ms after)
{
    while (*at < run->record_count) {
        const struct record *record = &run->records[(*at)++];
        if (record_is_transition(record) && record->at > after)
            return record;
    }
    return NULL;
}

void report_fork(struct page *page)
{
    const struct report *report = page->report;
    size_t a = 0, b = 0;
    if (!report->other)
        return;
    html_heading(page, "fork", tr("The other branch", "分支对比"));
    buf_puts(page->out, "<p>");
    html_text(page->out, tr("From ", "自 "));
    html_when(page, report->fork_at);
    html_text(page->out, tr(" on, the other branch runs with: ", " 起，分支改用："));
    buf_puts(page->out, "<code>");
    html_text(page->out, report->other_name);
    buf_puts(page->out, "</code></p>\n");
    buf_printf(
        page->out,
        "<table>\n<thead><tr><th colspan=\"2\">%s</th><th colspan=\"2\">%s</th></tr></thead>\n",
        tr("as the scenario has it", "原情景"), tr("the other branch", "分支"));
    for (;;) {
        const struct record *left = next_transition(page->run, &a, report->fork_at);
        const struct record *right = next_transition(report->other, &b, report->fork_at);
        if (!left && !right)
            break;
        buf_puts(page->out, "<tr>");
        branch_cell(page, left);
        branch_cell(page, right);
        buf_puts(page->out, "</tr>\n");
    }
    buf_puts(page->out, "</table>\n");
}
