/* The timeline: decisions, injects and what really happened, in one table by time. */
#include "base/buf.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cli/report_html.h"
#include "cli/words.h"
#include "model/policy.h"
#include <stdlib.h>

enum row_kind { ROW_INJECT, ROW_HISTORY, ROW_DECISION }; /* in this order at one instant */
struct row {
    instant_ms at;
    enum row_kind kind;
    size_t number;  /* record, inject, entry of history */
    size_t repeats; /* decisions of the same sort that follow at once */
    instant_ms last_at;
    size_t serial;
};
struct rows {
    struct row *items;
    size_t count, capacity;
};

static void add(struct rows *rows, struct row row)
{
    xgrow((void **)&rows->items, rows->count, &rows->capacity, sizeof row);
    row.serial = rows->count;
    rows->items[rows->count++] = row;
}

static bool same_sort(const struct record *a, const struct record *b)
{
    return a->kind == b->kind && (a->kind == DECISION_ALARM || a->kind == DECISION_TASK) &&
           str_equal(a->rule, b->rule) && b->at - a->at < DAY_MS;
}

/* Orders belong to their decision; alarms and tasks of one rule that follow each other are one row.
 */
static void add_decisions(struct rows *rows, const struct run *run)
{
    struct row *last = NULL;
    for (size_t i = 0; i < run->record_count; i++) {
        const struct record *record = &run->records[i];
        if (record->kind == DECISION_ORDER || record->kind == DECISION_RELEASE ||
            record->kind > DECISION_PROPOSE)
            continue;
        if (last && same_sort(&run->records[last->number], record)) {
            last->repeats++;
            last->last_at = record->at;
            continue;
        }
        add(rows, (struct row){
                      .at = record->at, .kind = ROW_DECISION, .number = i, .last_at = record->at});
        last = &rows->items[rows->count - 1];
    }
}

static int row_compare(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    if (x->kind != y->kind) /* what was played in comes before what it led to */
        return x->kind < y->kind ? -1 : 1;
    return x->serial < y->serial ? -1 : 1;
}

static struct rows collect(const struct page *page)
{
    struct rows rows = {0};
    const struct scenario *scenario = page->scenario;
    add_decisions(&rows, page->run);
    for (size_t i = 0; i < scenario->inject_count; i++)
        if (page->run->begun[i] != INSTANT_NONE)
            add(&rows, (struct row){.at = page->run->begun[i], .kind = ROW_INJECT, .number = i});
    for (size_t i = 0; i < scenario->history_count; i++)
        add(&rows, (struct row){.at = scenario->start + scenario->history[i].at,
                                .kind = ROW_HISTORY,
                                .number = i});
    if (rows.count > 1)
        qsort(rows.items, rows.count, sizeof *rows.items, row_compare);
    return rows;
}

/* ---- cells ---- */

static const struct wave *wave_of(const struct page *page, const struct record *record)
{
    for (size_t i = 0; i < page->wave_count; i++)
        if (page->waves[i].head == record)
            return &page->waves[i];
    return NULL;
}

static void print_change(struct page *page, const struct record *record)
{
    buf_printf(page->out, "<b>%s</b> ", words_kind(record->kind));
    if (!record_is_transition(record)) {
        html_text(page->out, warning_title(record));
        return;
    }
    if (record->from) {
        html_badge(page, record->from);
        buf_puts(page->out, " → ");
    }
    html_badge(page, record->level);
    if (record->level && record->begin != INSTANT_NONE && record->begin > record->at) {
        buf_puts(page->out, tr(" in effect from ", "　自 "));
        html_when(page, record->begin);
        buf_puts(page->out, tr("", " 起执行"));
    }
}

static void print_because(struct page *page, const struct record *record)
{
    struct buf words = {0};
    for (int i = 0; i < record->because_count; i++) {
        buf_puts(&words, i ? tr("; ", "；") : "");
        words_because(&words, record->because[i]);
    }
    if (words.size > 0) {
        buf_puts(page->out, "<br><span class=\"soft\">");
        html_text(page->out, buf_str(&words));
        buf_puts(page->out, "</span>");
    }
    buf_release(&words);
}

static void print_plan(struct page *page, const struct record *record, const struct wave *wave)
{
    if (!wave || wave->orders + wave->releases == 0)
        return;
    buf_printf(page->out,
               tr("<br>%zu orders, %zu releases; %zu units bound, %zu of them unchanged",
                  "<br>下达指令 %zu 条、解除 %zu 条；在控单位 %zu 家，其中不变 %zu 家"),
               wave->orders, wave->releases, record->bound, record->untouched);
}

static void print_to(struct page *page, const struct record *record)
{
    if (!record->to)
        return;
    buf_puts(page->out, " → ");
    html_text(page->out, words_recipient(page->policy, record->to));
}

static void decision_row(struct page *page, const struct row *row)
{
    const struct record *record = &page->run->records[row->number];
    const struct wave *wave = wave_of(page, record);
    if (wave)
        buf_printf(page->out, "<td class=\"c\"><span class=\"no\">%d</span></td><td>",
                   wave->number);
    else
        buf_puts(page->out, "<td></td><td>");
    print_change(page, record);
    print_to(page, record);
    if (row->repeats) {
        buf_printf(page->out,
                   tr(" <span class=\"soft\">(%zu in all, until ",
                      " <span class=\"soft\">（共 %zu 条，至 "),
                   row->repeats + 1);
        html_when(page, row->last_at);
        buf_puts(page->out, tr(")</span>", "）</span>"));
    }
    print_because(page, record);
    print_plan(page, record, wave);
    buf_puts(page->out, "</td>");
}

static const char *role_name(const struct page *page, const char *role)
{
    for (size_t i = 0; i < page->scenario->role_count; i++)
        if (str_equal(page->scenario->roles[i].name, role) && page->scenario->roles[i].who[0])
            return page->scenario->roles[i].who;
    return role;
}

static void inject_row(struct page *page, const struct row *row)
{
    const struct inject *inject = &page->scenario->injects[row->number];
    static const char *const english[] = {"data", "fault", "role"};
    static const char *const chinese[] = {"数据", "故障", "角色"};
    buf_printf(page->out, "<td class=\"c soft\">%s</td><td>",
               tr(english[inject->kind], chinese[inject->kind]));
    buf_puts(page->out, "<b>");
    html_text(page->out, inject->title ? inject->title : inject->id);
    buf_puts(page->out, "</b>");
    if (inject->kind == INJECT_ROLE) {
        buf_puts(page->out, tr(" ", "　"));
        html_text(page->out, inject->from ? role_name(page, inject->from) : "");
        buf_puts(page->out, " → ");
        html_text(page->out, role_name(page, inject->to));
        if (inject->by) {
            buf_puts(page->out, tr(" (", "（"));
            html_text(page->out, inject->by);
            buf_puts(page->out, tr(")", "）"));
        }
    }
    if (inject->kind == INJECT_DATA)
        buf_printf(page->out,
                   tr(" <span class=\"soft\">%zu facts</span>",
                      "　<span class=\"soft\">事实 %zu 条</span>"),
                   page->run->inject_facts[row->number]);
    if (inject->text) {
        buf_puts(page->out, "<br>");
        html_text(page->out, inject->text);
    }
    buf_puts(page->out, "</td>");
}

static void history_row(struct page *page, const struct row *row)
{
    const struct history *history = &page->scenario->history[row->number];
    buf_printf(page->out, "<td class=\"c soft\">%s</td><td>", tr("real", "史实"));
    if (history->level)
        html_badge(page, history->level);
    buf_putc(page->out, ' ');
    html_text(page->out, history->text);
    buf_puts(page->out, "</td>");
}

void report_timeline(struct page *page)
{
    static const char *const classes[] = {" class=\"inject\"", " class=\"real\"", ""};
    struct rows rows = collect(page);
    html_heading(page, "timeline", tr("What happened", "过程"));
    buf_printf(page->out,
               "<table>\n<thead><tr><th>%s</th><th>%s</th><th "
               "class=\"c\">%s</th><th>%s</th></tr></thead>\n",
               tr("time", "时刻"), tr("offset", "演练时"), tr("no.", "序号"), tr("event", "事项"));
    for (size_t i = 0; i < rows.count; i++) {
        const struct row *row = &rows.items[i];
        buf_printf(page->out, "<tr%s><td class=\"t\">", classes[row->kind]);
        html_when(page, row->at);
        buf_puts(page->out, "</td><td class=\"t soft\">");
        html_offset(page, row->at);
        buf_puts(page->out, "</td>");
        if (row->kind == ROW_DECISION)
            decision_row(page, row);
        else if (row->kind == ROW_INJECT)
            inject_row(page, row);
        else
            history_row(page, row);
        buf_puts(page->out, "</tr>\n");
    }
    if (rows.count == 0)
        buf_printf(page->out, "<tr><td colspan=\"4\">%s</td></tr>\n",
                   tr("Nothing was decided.", "没有任何决定。"));
    buf_puts(page->out, "</table>\n");
    free(rows.items);
}

/* ---- beside what really happened ---- */

void report_history(struct page *page)
{
    const struct scenario *scenario = page->scenario;
    if (scenario->history_count == 0)
        return;
    html_heading(page, "real", tr("Beside what was really declared", "与当年实际发布对照"));
    buf_printf(page->out,
               "<table>\n<thead><tr><th>%s</th><th>%s</th><th>%s</th><th>%s</th></tr></thead>\n",
               tr("time", "时刻"), tr("really declared", "实际发布"),
               tr("this policy at that moment", "本政策包此刻级别"), tr("source", "出处"));
    for (size_t i = 0; i < scenario->history_count; i++) {
        const struct history *history = &scenario->history[i];
        instant_ms at = scenario->start + history->at;
        buf_puts(page->out, "<tr><td class=\"t\">");
        html_when(page, at);
        buf_puts(page->out, "</td><td>");
        if (history->level)
            html_badge(page, history->level);
        buf_puts(page->out, "<br>");
        html_text(page->out, history->text);
        buf_puts(page->out, "</td><td>");
        html_badge(page, run_level_at(page->run, NULL, at));
        buf_puts(page->out, "</td><td class=\"small soft\">");
        html_text(page->out, history->source);
        buf_puts(page->out, "</td></tr>\n");
    }
    buf_puts(page->out, "</table>\n");
    buf_printf(page->out, "<p class=\"soft small\">%s</p>\n",
               tr("Real warnings were issued under the plan of their day and on real forecasts; "
                  "the comparison explains, "
                  "it does not judge.",
                  "当年预警依据当年的预案和当年的预报作出；此处对照用于说明，不作评判。"));
}
