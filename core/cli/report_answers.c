/* What the plans cut, and how the orders were answered: bars, a curve, and who has not answered. */
#include "base/buf.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "cli/report_html.h"
#include "cli/words.h"
#include "model/policy.h"
#include <stdio.h>
#include <stdlib.h>

/* ---- shares ---- */

enum {
    BAR_WIDTH = 240, /* of one small chart, pixels */
    BAR_LEFT = 480,  /* tenths */
    BAR_RIGHT = 1950,
    BAR_TOP = 300,
    BAR_STEP = 240,
    BAR_PERCENT_MAX = 50, /* of the axis; a longer bar is cut and says its figure */
    LEVELS_SHOWN = 3,
};

static int bar_x(int tenths_percent)
{
    if (tenths_percent > BAR_PERCENT_MAX * 10)
        tenths_percent = BAR_PERCENT_MAX * 10;
    return BAR_LEFT + tenths_percent * (BAR_RIGHT - BAR_LEFT) / (BAR_PERCENT_MAX * 10);
}

static void draw_bar(struct buf *out, int x, int row, const struct share *share, enum emission e,
                     const char *colour)
{
    int y = BAR_TOP + row * BAR_STEP;
    int tenths = (int)share_tenths(share);
    char label[64], attributes[96];
    snprintf(attributes, sizeof attributes, "fill=\"%s\" stroke=\"#1a1a1a\" stroke-width=\".8\"",
             colour);
    svg_text(out, x + BAR_LEFT - 60, y + 120, "end", "", emission_label(e));
    svg_rect(out, x + BAR_LEFT, y, bar_x(tenths) - BAR_LEFT, 150, attributes);
    snprintf(label, sizeof label, "%d.%d%% %s", tenths / 10, tenths % 10,
             share->required_percent ? share_reached(share) ? "✓" : "✗" : "");
    svg_text(out, x + bar_x(tenths) + 50, y + 120, "start",
             share_reached(share) ? "" : "style=\"font-weight:700\"", label);
}

/* The newest plan at that level. */
static const struct record *plan_at(const struct page *page, const char *level)
{
    const struct record *found = NULL;
    for (size_t i = 0; i < page->wave_count; i++) {
        const struct record *record = page->waves[i].head;
        if (record_is_transition(record) && record->planned && str_equal(record->level, level) &&
            shares_known(record->shares))
            found = record;
    }
    return found;
}

static void draw_plan(struct page *page, struct buf *out, int x, const struct record *record)
{
    struct buf title = {0};
    level_print(page, &title, record->level);
    svg_text(out, x + BAR_LEFT, 160, "start", "style=\"font-weight:600\"", buf_str(&title));
    for (int e = 0; e < EMISSIONS; e++)
        draw_bar(out, x, e, &record->shares[e], (enum emission)e, level_colour(record->level));
    int required = record->shares[0].required_percent, bottom = BAR_TOP + EMISSIONS * BAR_STEP;
    if (required > 0) {
        char label[64];
        svg_line(out, x + bar_x(required * 10), BAR_TOP - 60, x + bar_x(required * 10), bottom - 40,
                 "stroke=\"#fff\" stroke-width=\"4\""); /* so that it is seen on a dark bar */
        svg_line(out, x + bar_x(required * 10), BAR_TOP - 60, x + bar_x(required * 10), bottom - 40,
                 "stroke=\"#1a1a1a\" stroke-width=\"1.6\" stroke-dasharray=\"4 2\"");
        snprintf(label, sizeof label, tr("asked %d%%", "要求 %d%%"), required);
        svg_text(out, x + bar_x(required * 10), bottom + 90, "middle", "style=\"font-size:11px\"",
                 label);
    }
    buf_release(&title);
}

void report_shares(struct page *page)
{
    const struct record *plans[LEVELS_SHOWN];
    int count = 0;
    for (size_t i = 0; i < page->policy->level_count && count < LEVELS_SHOWN; i++) {
        const struct record *record = plan_at(page, page->policy->levels[i].name);
        if (record)
            plans[count++] = record;
    }
    if (count == 0)
        return;
    html_heading(page, "shares", tr("Emissions cut, against what is asked", "减排比例与要求"));
    buf_puts(page->out, "<figure>");
    svg_begin(page->out, BAR_WIDTH * LEVELS_SHOWN + 40, (BAR_TOP + EMISSIONS * BAR_STEP + 150) / 10,
              tr("share of the city's emissions that the plan cuts", "各污染物减排比例"));
    for (int i = 0; i < count; i++)
        draw_plan(page, page->out, i * BAR_WIDTH * 10 + (i ? 130 * i : 0), plans[i]);
    buf_puts(page->out, "</svg><figcaption>");
    html_text(page->out,
              tr("Share of the whole city's emissions, all demands in force together; the dashed "
                 "line is what the "
                 "level asks.",
                 "占全社会排放量的比例，按各项要求从严合并计算；虚线为该级别的最低要求。"));
    buf_puts(page->out, "</figcaption></figure>\n");
}

/* ---- the curve ---- */

enum {
    CURVE_WIDTH = 760,
    CURVE_LEFT = 440,
    CURVE_RIGHT = 6000,
    CURVE_TOP = 120,
    CURVE_BOTTOM = 2120,
    CURVES_MAX = 4,
};

struct curve {
    const struct wave *wave;
    bool done;       /* of "done" instead of "acknowledged" */
    span_ms *delays; /* sorted */
    size_t count, total;
};

static int span_compare(const void *a, const void *b)
{
    span_ms x = *(const span_ms *)a, y = *(const span_ms *)b;
    return (x > y) - (x < y);
}

static struct curve curve_of(const struct page *page, const struct wave *wave, bool done)
{
    struct curve curve = {wave, done, xcalloc(wave->end - wave->first + 1, sizeof(span_ms)), 0, 0};
    for (size_t i = wave->first; i < wave->end; i++) {
        const struct record *record = &page->run->records[i];
        instant_ms at = done ? record->done : record->acknowledged;
        curve.total++;
        if (at != INSTANT_NONE)
            curve.delays[curve.count++] = at - record->at;
    }
    if (curve.count > 1)
        qsort(curve.delays, curve.count, sizeof *curve.delays, span_compare);
    return curve;
}

static span_ms curves_reach(const struct curve *curves, int count)
{
    static const int minutes[] = {10, 30, 60, 90, 120, 180, 240, 360, 480, 720, 1440, 2880};
    span_ms longest = 0;
    for (int i = 0; i < count; i++)
        if (curves[i].count && curves[i].delays[curves[i].count - 1] > longest)
            longest = curves[i].delays[curves[i].count - 1];
    size_t i = 0;
    while (i + 1 < sizeof minutes / sizeof *minutes && minutes[i] * (span_ms)MINUTE_MS < longest)
        i++;
    return minutes[i] * (span_ms)MINUTE_MS;
}

static int curve_x(span_ms delay, span_ms reach)
{
    if (delay > reach)
        delay = reach;
    return CURVE_LEFT + (int)(delay * (CURVE_RIGHT - CURVE_LEFT) / reach);
}

static int curve_y(size_t part, size_t total)
{
    return CURVE_BOTTOM - (int)(part * (CURVE_BOTTOM - CURVE_TOP) / (total ? total : 1));
}

static void draw_curve_frame(struct buf *out, span_ms reach)
{
    svg_rect(out, CURVE_LEFT, CURVE_TOP, CURVE_RIGHT - CURVE_LEFT, CURVE_BOTTOM - CURVE_TOP,
             "fill=\"#fff\" stroke=\"#8a919c\"");
    for (size_t percent = 0; percent <= 100; percent += 25) {
        char label[16];
        snprintf(label, sizeof label, "%zu%%", percent);
        svg_line(out, CURVE_LEFT, curve_y(percent, 100), CURVE_RIGHT, curve_y(percent, 100),
                 "stroke=\"#dde1e7\"");
        svg_text(out, CURVE_LEFT - 60, curve_y(percent, 100) + 40, "end",
                 "style=\"font-size:11px\"", label);
    }
    for (int i = 0; i <= 6; i++) {
        struct buf label = {0};
        words_span(&label, reach * i / 6);
        svg_line(out, curve_x(reach * i / 6, reach), CURVE_TOP, curve_x(reach * i / 6, reach),
                 CURVE_BOTTOM, "stroke=\"#edf0f4\"");
        svg_text(out, curve_x(reach * i / 6, reach), CURVE_BOTTOM + 160, "middle",
                 "style=\"font-size:11px\"", buf_str(&label));
        buf_release(&label);
    }
}

/* A stair: each answer lifts it by one. */
static void draw_curve(struct page *page, const struct curve *curve, int row, span_ms reach)
{
    static const char *const strokes[] = {
        "stroke=\"#123a6b\" stroke-width=\"2.2\"",
        "stroke=\"#0a7a5a\" stroke-width=\"2.2\" stroke-dasharray=\"7 3\"",
        "stroke=\"#9a4a00\" stroke-width=\"2.2\" stroke-dasharray=\"2 3\"",
        "stroke=\"#555\" stroke-width=\"2.2\" stroke-dasharray=\"9 3 2 3\""};
    struct buf *out = page->out;
    buf_printf(out, "<path fill=\"none\" %s d=\"M", strokes[row]);
    svg_number(out, CURVE_LEFT);
    buf_putc(out, ' ');
    svg_number(out, CURVE_BOTTOM);
    for (size_t i = 0; i < curve->count; i++) {
        buf_putc(out, 'H');
        svg_number(out, curve_x(curve->delays[i], reach));
        buf_putc(out, 'V');
        svg_number(out, curve_y(i + 1, curve->total));
    }
    buf_putc(out, 'H');
    svg_number(out, CURVE_RIGHT);
    buf_puts(out, "\"/>\n");
    char words[96];
    int y = CURVE_TOP + 150 + row * 420;
    size_t tenths = curve->total ? curve->count * 1000 / curve->total : 0;
    snprintf(words, sizeof words,
             curve->done ? tr("No. %d done", "决定 %d 报告执行")
                         : tr("No. %d acknowledged", "决定 %d 确认"),
             curve->wave->number);
    svg_line(out, CURVE_RIGHT + 120, y - 40, CURVE_RIGHT + 420, y - 40, strokes[row]);
    svg_text(out, CURVE_RIGHT + 120, y + 120, "start", "style=\"font-size:11px\"", words);
    snprintf(words, sizeof words, "%zu / %zu (%zu.%zu%%)", curve->count, curve->total, tenths / 10,
             tenths % 10);
    svg_text(out, CURVE_RIGHT + 120, y + 260, "start", "style=\"font-size:11px;fill:#555\"", words);
}

/* The waves with most messages, and of the largest also when it was reported as done. */
static int choose_curves(const struct page *page, struct curve curves[CURVES_MAX])
{
    const struct wave *biggest = page_biggest_wave(page);
    int count = 0;
    for (size_t i = 0; i < page->wave_count && count < CURVES_MAX - 1; i++) {
        const struct wave *wave = &page->waves[i];
        size_t messages = wave->orders + wave->releases;
        if (messages == 0 || (wave != biggest && biggest && messages * 10 < biggest->orders))
            continue;
        curves[count++] = curve_of(page, wave, false);
    }
    if (biggest && biggest->done > 0)
        curves[count++] = curve_of(page, biggest, true);
    return count;
}

static void draw_curves(struct page *page)
{
    struct curve curves[CURVES_MAX];
    int count = choose_curves(page, curves);
    span_ms reach = curves_reach(curves, count);
    buf_puts(page->out, "<figure>");
    svg_begin(page->out, CURVE_WIDTH, (CURVE_BOTTOM + 260) / 10,
              tr("acknowledgements over time", "确认过程线"));
    draw_curve_frame(page->out, reach);
    for (int i = 0; i < count; i++) {
        draw_curve(page, &curves[i], i, reach);
        free(curves[i].delays);
    }
    buf_puts(page->out, "</svg><figcaption>");
    html_text(
        page->out,
        tr("Share of the messages of a decision that had come back, by the time since it was made.",
           "自决定作出起，已返回确认（或执行报告）的指令比例。"));
    buf_puts(page->out, "</figcaption></figure>\n");
}

/* ---- by district, and who is missing ---- */

struct tally {
    size_t sent, delivered, acknowledged, refused, done;
};

static void tally_add(struct tally *tally, const struct record *record)
{
    tally->sent++;
    tally->delivered += record->delivered != INSTANT_NONE;
    tally->acknowledged += record->acknowledged != INSTANT_NONE;
    tally->refused += record->refused != INSTANT_NONE;
    tally->done += record->done != INSTANT_NONE;
}

static void tally_row(struct page *page, const char *name, const struct tally *tally, bool sum)
{
    size_t tenths = tally->sent ? tally->acknowledged * 1000 / tally->sent : 0;
    buf_printf(page->out, "<tr%s><td>", sum ? " class=\"sum\"" : "");
    html_text(page->out, name);
    buf_printf(page->out,
               "</td><td class=\"n\">%zu</td><td class=\"n\">%zu</td><td class=\"n\">%zu</td>"
               "<td class=\"n\">%zu.%zu%%</td><td class=\"n\">%zu</td><td class=\"n\">%zu</td>"
               "<td class=\"n\">%zu</td></tr>\n",
               tally->sent, tally->delivered, tally->acknowledged, tenths / 10, tenths % 10,
               tally->refused, tally->sent - tally->acknowledged - tally->refused, tally->done);
}

static void district_tallies(struct page *page)
{
    struct intern names = {0};
    struct tally *tallies = xcalloc(page->policy->registry.count + 1, sizeof *tallies), all = {0};
    for (size_t i = 0; i < page->run->record_count; i++) {
        const struct record *record = &page->run->records[i];
        if (!record->order || record->recipient < 0 || record->kind == DECISION_TASK)
            continue;
        const char *code = page->policy->registry.recipients[record->recipient].district;
        tally_add(&tallies[intern_add(&names, code ? code : "")], record);
        tally_add(&all, record);
    }
    buf_printf(page->out,
               "<table>\n<thead><tr><th>%s</th><th class=\"n\">%s</th><th class=\"n\">%s</th><th "
               "class=\"n\">%s</th>"
               "<th class=\"n\">%s</th><th class=\"n\">%s</th><th class=\"n\">%s</th><th "
               "class=\"n\">%s</th></tr></thead>\n",
               tr("district", "区县"), tr("sent", "下达"), tr("delivered", "送达"),
               tr("acknowledged", "确认"), tr("share", "确认率"), tr("refused", "拒绝"),
               tr("no answer", "未应答"), tr("done", "报告执行"));
    for (uint32_t i = 0; i < names.count; i++)
        tally_row(page, district_name(page->policy, intern_name(&names, (int)i)), &tallies[i],
                  false);
    tally_row(page, tr("all", "合计"), &all, true);
    buf_puts(page->out, "</table>\n");
    intern_release(&names);
    free(tallies);
}

enum { NAMES_SHOWN = 40 };

static void name_item(struct page *page, const struct record *record)
{
    const struct recipient *recipient = &page->policy->registry.recipients[record->recipient];
    html_text(page->out, recipient->name ? recipient->name : recipient->id);
    buf_puts(page->out, tr(" (", "（"));
    html_text(page->out, district_name(page->policy, recipient->district));
    if (record->refused != INSTANT_NONE && record->reason) {
        buf_puts(page->out, tr(": ", "："));
        html_text(page->out, record->reason);
    }
    buf_puts(page->out, tr(")", "）"));
}

/* Those of the largest wave who refused, or who did not answer. */
static void missing_list(struct page *page, const struct wave *wave, bool refused)
{
    size_t shown = 0, all = 0;
    for (size_t i = wave->first; i < wave->end; i++) {
        const struct record *record = &page->run->records[i];
        bool is_refusal = record->refused != INSTANT_NONE;
        if (record->recipient < 0 || is_refusal != refused ||
            (!refused && record->acknowledged != INSTANT_NONE))
            continue;
        if (all++ == 0)
            buf_printf(page->out, "<h3>%s %d</h3>\n<p class=\"small\">",
                       refused ? tr("Refused, decision", "拒绝执行：决定")
                               : tr("No acknowledgement, decision", "未确认：决定"),
                       wave->number);
        if (shown < NAMES_SHOWN) {
            buf_puts(page->out, shown++ ? tr("; ", "；") : "");
            name_item(page, record);
        }
    }
    if (all > shown)
        buf_printf(page->out, tr("; and %zu more", "；另有 %zu 家"), all - shown);
    buf_puts(page->out, all ? tr(".</p>\n", "。</p>\n") : "");
}

void report_answers(struct page *page)
{
    const struct wave *biggest = page_biggest_wave(page);
    if (!page_answered(page) || !biggest)
        return;
    html_heading(page, "answers", tr("Acknowledgement and execution", "确认与执行"));
    draw_curves(page);
    district_tallies(page);
    missing_list(page, biggest, true);
    missing_list(page, biggest, false);
}
