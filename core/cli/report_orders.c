/* The orders: how many of what kind in each wave, who by district and industry, what was asked, and
 * one as it reads. */
#include "base/buf.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cli/report_html.h"
#include "cli/words.h"
#include "model/policy.h"
#include <stdlib.h>
#include <string.h>

/* ---- by wave ---- */

static void wave_row(struct page *page, const struct wave *wave)
{
    size_t kinds[4] = {0};
    for (size_t i = wave->first; i < wave->end; i++) {
        const struct record *record = &page->run->records[i];
        if (record->kind == DECISION_ORDER && record->recipient >= 0)
            kinds[page->policy->registry.recipients[record->recipient].kind]++;
    }
    buf_printf(page->out, "<tr><td class=\"c\"><span class=\"no\">%d</span></td><td class=\"t\">",
               wave->number);
    html_when(page, wave->head->at);
    buf_printf(page->out, "</td><td>%s ", words_kind(wave->head->kind));
    if (record_is_transition(wave->head))
        html_badge(page, wave->head->level);
    else
        html_text(page->out, warning_title(wave->head));
    buf_puts(page->out, "</td>");
    for (int kind = 0; kind < 3; kind++)
        buf_printf(page->out, "<td class=\"n\">%zu</td>", kinds[kind]);
    buf_printf(page->out,
               "<td class=\"n\">%zu</td><td class=\"n\">%zu</td><td class=\"n\">%zu</td></tr>\n",
               wave->releases, wave->orders + wave->releases, wave->head->bound);
}

static void waves_table(struct page *page)
{
    buf_printf(
        page->out,
        "<table>\n<thead><tr><th class=\"c\">%s</th><th>%s</th><th>%s</th><th class=\"n\">%s</th>"
        "<th class=\"n\">%s</th><th class=\"n\">%s</th><th class=\"n\">%s</th><th "
        "class=\"n\">%s</th>"
        "<th class=\"n\">%s</th></tr></thead>\n",
        tr("no.", "序号"), tr("time", "时刻"), tr("decision", "决定"),
        tr("enterprises", "工业企业"), tr("sites", "扬尘源"), tr("fleets", "移动源"),
        tr("releases", "解除"), tr("messages", "合计"), tr("bound", "在控单位"));
    for (size_t i = 0; i < page->wave_count; i++)
        if (page->waves[i].orders + page->waves[i].releases > 0)
            wave_row(page, &page->waves[i]);
    buf_puts(page->out, "</table>\n");
}

/* ---- by district and industry ---- */

struct grid {
    struct intern industries, districts;
    size_t *counts; /* industry × districts.count */
    size_t *rows, *columns;
    int *order; /* industries, the largest first */
    size_t total;
};

/* Sites and fleets are rows of their own. */
static const char *row_name(const struct page *page, const struct recipient *recipient)
{
    if (recipient->kind == RECIPIENT_SITE)
        return tr("dust sources", "（扬尘源）");
    if (recipient->kind == RECIPIENT_FLEET)
        return tr("vehicle users", "（移动源）");
    return industry_name(page->policy, recipient->industry);
}

static void grid_fill(struct grid *grid, const struct page *page, const unsigned char *told)
{
    const struct registry *registry = &page->policy->registry;
    /* the policy's own order of districts, where it has one */
    for (size_t i = 0; i < registry->count; i++)
        if (told[i])
            intern_add(&grid->industries, row_name(page, &registry->recipients[i]));
    const struct yaml *districts = yaml_get(page->policy->root, "districts");
    for (size_t i = 0; districts && i < districts->count; i++)
        if (yaml_text(districts->items[i], "code"))
            intern_add(&grid->districts, yaml_text(districts->items[i], "code"));
    for (size_t i = 0; i < registry->count; i++)
        if (told[i])
            intern_add(&grid->districts,
                       registry->recipients[i].district ? registry->recipients[i].district : "");
    size_t width = grid->districts.count, height = grid->industries.count;
    grid->counts = xcalloc(width * height + 1, sizeof *grid->counts);
    grid->rows = xcalloc(height + 1, sizeof *grid->rows);
    grid->columns = xcalloc(width + 1, sizeof *grid->columns);
    for (size_t i = 0; i < registry->count; i++) {
        const struct recipient *recipient = &registry->recipients[i];
        if (!told[i])
            continue;
        size_t row = (size_t)intern_find(&grid->industries, row_name(page, recipient));
        size_t column =
            (size_t)intern_find(&grid->districts, recipient->district ? recipient->district : "");
        grid->counts[row * width + column]++;
        grid->rows[row]++;
        grid->columns[column]++;
        grid->total++;
    }
}

/* The largest rows first, equal ones in the order of the registry. */
static void grid_sort(struct grid *grid)
{
    size_t count = grid->industries.count;
    grid->order = xcalloc(count + 1, sizeof *grid->order);
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        while (at > 0 && grid->rows[grid->order[at - 1]] < grid->rows[i])
            at--;
        memmove(grid->order + at + 1, grid->order + at, (i - at) * sizeof *grid->order);
        grid->order[at] = (int)i;
    }
}

/* 铁西区 → 铁西: thirteen columns must fit on a page. */
static void print_district(struct page *page, const char *code)
{
    const char *name = district_name(page->policy, code);
    static const char *const endings[] = {"新区", "区", "县", "市"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t size = strlen(name), ending = strlen(endings[i]);
        if (lang_get() == LANG_ZH && size > ending + 3 && str_ends(name, endings[i])) {
            char *shorter = xstrndup(name, size - ending);
            html_text(page->out, shorter);
            free(shorter);
            return;
        }
    }
    html_text(page->out, name);
}

static void print_count(struct page *page, size_t count)
{
    if (count)
        buf_printf(page->out, "<td class=\"n\">%zu</td>", count);
    else
        buf_puts(page->out, "<td class=\"z\">·</td>");
}

static void grid_print(struct page *page, const struct grid *grid)
{
    size_t width = grid->districts.count;
    buf_printf(page->out, "<table class=\"narrow\">\n<thead><tr><th>%s</th>",
               tr("industry", "行业"));
    for (size_t i = 0; i < width; i++) {
        buf_puts(page->out, "<th class=\"n\">");
        print_district(page, intern_name(&grid->districts, (int)i));
        buf_puts(page->out, "</th>");
    }
    buf_printf(page->out, "<th class=\"n\">%s</th></tr></thead>\n", tr("all", "合计"));
    for (size_t r = 0; r < grid->industries.count; r++) {
        size_t row = (size_t)grid->order[r];
        buf_puts(page->out, "<tr><td>");
        html_text(page->out, intern_name(&grid->industries, (int)row));
        buf_puts(page->out, "</td>");
        for (size_t i = 0; i < width; i++)
            print_count(page, grid->counts[row * width + i]);
        buf_printf(page->out, "<td class=\"n\"><b>%zu</b></td></tr>\n", grid->rows[row]);
    }
    buf_printf(page->out, "<tr class=\"sum\"><td>%s</td>", tr("all", "合计"));
    for (size_t i = 0; i < width; i++)
        print_count(page, grid->columns[i]);
    buf_printf(page->out, "<td class=\"n\">%zu</td></tr>\n</table>\n", grid->total);
}

static void grid_release(struct grid *grid)
{
    intern_release(&grid->industries);
    intern_release(&grid->districts);
    free(grid->counts);
    free(grid->rows);
    free(grid->columns);
    free(grid->order);
}

static void district_table(struct page *page)
{
    struct grid grid = {0};
    unsigned char *told = xcalloc(page->policy->registry.count + 1, 1);
    for (size_t i = 0; i < page->run->record_count; i++) {
        const struct record *record = &page->run->records[i];
        if (record->kind == DECISION_ORDER && record->recipient >= 0)
            told[record->recipient] = 1;
    }
    grid_fill(&grid, page, told);
    grid_sort(&grid);
    buf_printf(page->out, "<h3>%s</h3>\n",
               tr("Units that were ordered something, by industry and district",
                  "收到减排指令的单位：行业 × 区县（家）"));
    grid_print(page, &grid);
    grid_release(&grid);
    free(told);
}

/* ---- by measure ---- */

/* The catalogue's text with its placeholders as dots. */
static void print_measure(struct page *page, const struct measure *measure)
{
    struct buf text = {0};
    for (const char *at = measure->text ? measure->text : ""; *at; at++) {
        const char *end = *at == '{' ? strchr(at, '}') : NULL;
        if (end) {
            buf_puts(&text, "…");
            at = end;
        } else {
            buf_putc(&text, *at);
        }
    }
    html_text(page->out, buf_str(&text));
    buf_release(&text);
}

static const char *measure_kind_word(enum measure_kind kind)
{
    switch (kind) {
    case MEASURE_STOP:
        return tr("stop", "停产");
    case MEASURE_LIMIT:
        return tr("limit", "限产");
    case MEASURE_BAN:
        return tr("ban", "禁用");
    case MEASURE_OTHER:
        break;
    }
    return tr("other", "其他");
}

static size_t measure_count(const struct page *page, const struct wave *wave, const char *id)
{
    char *words = xasprintf("\"do\":\"%s\"", id);
    size_t count = 0;
    for (size_t i = wave->first; i < wave->end; i++) {
        const struct record *record = &page->run->records[i];
        count += record->kind == DECISION_ORDER && record->measures &&
                 strstr(record->measures, words) != NULL;
    }
    free(words);
    return count;
}

static void measures_table(struct page *page, const struct wave *wave)
{
    const struct registry *registry = &page->policy->registry;
    buf_printf(page->out,
               "<h3>%s %d</h3>\n<table>\n<thead><tr><th>%s</th><th>%s</th><th "
               "class=\"n\">%s</th></tr></thead>\n",
               tr("What was asked in decision", "措施构成：决定"), wave->number, tr("kind", "类别"),
               tr("measure", "措施"), tr("orders", "指令数"));
    for (size_t i = 0; i < registry->measure_count; i++) {
        const struct measure *measure = &registry->measures[i];
        size_t count = measure_count(page, wave, measure->id);
        if (count == 0)
            continue;
        buf_printf(page->out, "<tr><td class=\"t\">%s</td><td>", measure_kind_word(measure->kind));
        print_measure(page, measure);
        buf_printf(page->out, "</td><td class=\"n\">%zu</td></tr>\n", count);
    }
    buf_puts(page->out, "</table>\n");
}

/* The order with most measures: it shows best how one reads. */
static void example_order(struct page *page, const struct wave *wave)
{
    const struct record *longest = NULL;
    for (size_t i = wave->first; i < wave->end; i++) {
        const struct record *record = &page->run->records[i];
        if (record->kind == DECISION_ORDER && record->text && record->measures &&
            (!longest || strlen(record->measures) > strlen(longest->measures)))
            longest = record;
    }
    if (!longest)
        return;
    buf_puts(page->out, "<details open><summary>");
    buf_printf(page->out, tr("One order as it reads: ", "指令样例："));
    html_text(page->out, words_recipient(page->policy, longest->to));
    buf_puts(page->out, "</summary><div><pre>");
    html_text(page->out, longest->text);
    buf_puts(page->out, "</pre></div></details>\n");
}

void report_orders(struct page *page)
{
    const struct wave *wave = page_biggest_wave(page);
    if (!wave)
        return;
    html_heading(page, "orders", tr("Orders", "减排指令"));
    waves_table(page);
    district_table(page);
    measures_table(page, wave);
    example_order(page, wave);
}
