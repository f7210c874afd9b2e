/* What the parts of a report share. */
#include "cli/report_html.h"
#include "base/buf.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cli/words.h"
#include "model/policy.h"
#include <stdlib.h>

/* ---- levels ---- */

static const struct look {
    const char *level, *class, *colour, *shape; /* shape: a path in 12 × 12 */
} looks[] = {
    {"blue", "lv-blue", "#0B5CAD", "M6 .5a5.5 5.5 0 1 0 .01 0Z"},
    {"yellow", "lv-yellow", "#FFD400", "M6 .5 11.8 11.5H.2Z"},
    {"orange", "lv-orange", "#FF7A00", "M6 0 12 6 6 12 0 6Z"},
    {"red", "lv-red", "#C8102E", "M3 0h6l3 3v6l-3 3H3L0 9V3Z"},
    {"", "lv-other", "#BBBBBB", "M0 0h12v12H0Z"},
};

static const struct look *look_of(const char *level)
{
    size_t i = 0;
    while (looks[i].level[0] && !str_equal(looks[i].level, level))
        i++;
    return &looks[i];
}

const char *level_class(const char *level)
{
    return look_of(level)->class;
}

const char *level_colour(const char *level)
{
    return look_of(level)->colour;
}

void level_print(struct page *page, struct buf *out, const char *level)
{
    int position = level ? policy_level(page->policy, level) : -1;
    buf_puts(out, words_level(page->policy, level));
    if (position >= 0 && page->policy->levels[position].response)
        buf_printf(out, tr(" (%s)", "（%s）"), page->policy->levels[position].response);
}

void html_badge(struct page *page, const char *level)
{
    struct buf *out = page->out;
    if (!level || str_equal(level, "none")) {
        buf_printf(out, "<span class=\"lv lv-none\">%s</span>", tr("no warning", "无预警"));
        return;
    }
    int position = policy_level(page->policy, level);
    buf_printf(out,
               "<span class=\"lv %s\"><svg viewBox=\"0 0 12 12\" aria-hidden=\"true\">"
               "<path d=\"%s\" fill=\"currentColor\"/></svg>",
               level_class(level), look_of(level)->shape);
    html_text(out, words_level(page->policy, level));
    if (position >= 0 && page->policy->levels[position].response) {
        buf_putc(out, ' ');
        html_text(out, page->policy->levels[position].response);
    }
    buf_puts(out, "</span>");
}

/* ---- times and headings ---- */

void html_when(struct page *page, instant_ms at)
{
    struct civil c = civil_of(at, page->zone);
    static const char *const months[] = {"",    "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (lang_get() == LANG_ZH)
        buf_printf(page->out, "%d月%d日 %02d:%02d", c.month, c.day, c.hour, c.minute);
    else
        buf_printf(page->out, "%d %s %02d:%02d", c.day, months[c.month], c.hour, c.minute);
}

void html_offset(struct page *page, instant_ms at)
{
    scenario_print_offset(page->out, page->scenario, at);
}

void html_heading(struct page *page, const char *id, const char *title)
{
    static const char *const numbers[] = {"",   "一", "二", "三", "四",   "五",  "六",
                                          "七", "八", "九", "十", "十一", "十二"};
    int number = ++page->section;
    bool folds = str_equal(id, "why");
    buf_printf(page->out, "<h2 id=\"%s\"%s%s%s>", id, folds ? " data-fold=\"" : "",
               folds ? tr("fold all|unfold all", "全部折叠|全部展开") : "", folds ? "\"" : "");
    if (lang_get() == LANG_ZH)
        buf_printf(page->out, "%s、%s", numbers[number <= 12 ? number : 0], title);
    else
        buf_printf(page->out, "%d. %s", number, title);
    buf_puts(page->out, "</h2>\n");
}

/* ---- names ---- */

const char *district_name(const struct policy *policy, const char *code)
{
    const struct yaml *districts = yaml_get(policy->root, "districts");
    for (size_t i = 0; districts && i < districts->count; i++) {
        const char *name = yaml_text(districts->items[i], "name");
        if (name && str_equal(yaml_text(districts->items[i], "code"), code))
            return name;
    }
    return words_district(policy, code);
}

const char *industry_name(const struct policy *policy, const char *industry)
{
    const char *name = yaml_text(yaml_get(policy->root, "industries"), industry ? industry : "");
    return name && lang_get() == LANG_ZH ? name : industry ? industry : tr("none", "未注明");
}

const char *warning_title(const struct record *record)
{
    if (record->source && record->source->title)
        return record->source->title;
    return record->rule ? record->rule : tr("engine", "系统");
}

/* ---- waves ---- */

static bool is_order(const struct record *record)
{
    return record->kind == DECISION_ORDER || record->kind == DECISION_RELEASE;
}

static void wave_add(struct wave *wave, const struct record *record)
{
    wave->orders += record->kind == DECISION_ORDER;
    wave->releases += record->kind == DECISION_RELEASE;
    wave->delivered += record->delivered != INSTANT_NONE;
    wave->acknowledged += record->acknowledged != INSTANT_NONE;
    wave->refused += record->refused != INSTANT_NONE;
    wave->done += record->done != INSTANT_NONE;
}

/* Orders follow their decision at once, so a wave is a stretch of the records. */
void page_waves(struct page *page)
{
    const struct run *run = page->run;
    size_t capacity = 0;
    int number = 0;
    for (size_t i = 0; i < run->record_count; i++) {
        const struct record *record = &run->records[i];
        bool head = record->kind <= DECISION_REOPEN || record->kind == DECISION_ROTA_START ||
                    record->kind == DECISION_ROTA_END;
        if (head) {
            xgrow((void **)&page->waves, page->wave_count, &capacity, sizeof *page->waves);
            page->waves[page->wave_count++] =
                (struct wave){.head = record, .number = ++number, .first = i + 1, .end = i + 1};
        } else if (is_order(record) && page->wave_count > 0) {
            struct wave *wave = &page->waves[page->wave_count - 1];
            if (wave->end == wave->first)
                wave->first = i;
            wave->end = i + 1;
            wave_add(wave, record);
        }
    }
}

const struct wave *page_biggest_wave(const struct page *page)
{
    const struct wave *biggest = NULL;
    for (size_t i = 0; i < page->wave_count; i++)
        if (page->waves[i].orders > (biggest ? biggest->orders : 0))
            biggest = &page->waves[i];
    return biggest;
}

bool page_answered(const struct page *page)
{
    for (size_t i = 0; i < page->run->record_count; i++)
        if (page->run->records[i].delivered != INSTANT_NONE)
            return true;
    return false;
}

/* ---- drawing ---- */

void svg_number(struct buf *out, int tenths)
{
    int whole = tenths / 10, rest = abs(tenths % 10);
    buf_printf(out, "%s%d", tenths < 0 && whole == 0 ? "-" : "", whole);
    if (rest)
        buf_printf(out, ".%d", rest);
}

static void attribute(struct buf *out, const char *name, int tenths)
{
    buf_printf(out, " %s=\"", name);
    svg_number(out, tenths);
    buf_putc(out, '"');
}

void svg_begin(struct buf *out, int width, int height, const char *title)
{
    buf_printf(out, "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", width, height);
    html_text(out, title);
    buf_puts(out, "\">\n");
}

void svg_line(struct buf *out, int x1, int y1, int x2, int y2, const char *attributes)
{
    buf_puts(out, "<line");
    attribute(out, "x1", x1);
    attribute(out, "y1", y1);
    attribute(out, "x2", x2);
    attribute(out, "y2", y2);
    buf_printf(out, " %s/>\n", attributes);
}

void svg_rect(struct buf *out, int x, int y, int width, int height, const char *attributes)
{
    buf_puts(out, "<rect");
    attribute(out, "x", x);
    attribute(out, "y", y);
    attribute(out, "width", width);
    attribute(out, "height", height);
    buf_printf(out, " %s/>\n", attributes);
}

void svg_text(struct buf *out, int x, int y, const char *anchor, const char *attributes,
              const char *text)
{
    buf_puts(out, "<text");
    attribute(out, "x", x);
    attribute(out, "y", y);
    buf_printf(out, " text-anchor=\"%s\" %s>", anchor, attributes);
    html_text(out, text);
    buf_puts(out, "</text>\n");
}
