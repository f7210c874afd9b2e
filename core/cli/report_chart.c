/* The chart: what was measured, what was forecast, and which level was in force.
 *
 * Above, the index by hour, over 24 h and by day against the bands of the standard, with the
 * forecast that was known on the day before; below, as lanes, the level the engine had in force and
 * what was really declared.  Lanes carry their words, so that the chart is read in grey too.  Whole
 * numbers only: tenths of a pixel. */
#include "base/buf.h"
#include "base/str.h"
#include "cli/report_html.h"
#include "model/policy.h"
#include <stdio.h>

enum {
    WIDTH = 760,
    LEFT = 440, /* tenths, from here on */
    RIGHT = 7060,
    TOP = 560,
    BOTTOM = 3560,
    LANE = 240,
    INDEX_MAX = 500,
    MARK = 170, /* room of one numbered mark */
    FORECAST_RIM = 40,
};

struct chart {
    struct page *page;
    struct buf *out;
    instant_ms from, to;
};

static int x_of(const struct chart *chart, instant_ms at)
{
    if (at < chart->from)
        at = chart->from;
    if (at > chart->to)
        at = chart->to;
    return LEFT + (int)((at - chart->from) * (RIGHT - LEFT) / (chart->to - chart->from));
}

static int y_of(int index)
{
    if (index > INDEX_MAX)
        index = INDEX_MAX;
    return BOTTOM - index * (BOTTOM - TOP) / INDEX_MAX;
}

/* ---- frame ---- */

/* The bands of the standard in force: a line where each begins and its name at the right. */
static void draw_bands(struct chart *chart)
{
    const struct policy *policy = chart->page->policy;
    const struct aqi_standard *standard =
        aqi_standard_on(&policy->standards, civil_day(chart->from, chart->page->zone));
    int below = 0;
    svg_rect(chart->out, LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP, "fill=\"none\" stroke=\"#8a919c\"");
    for (int i = 0; standard && i < standard->level_count; i++) {
        int up_to = standard->levels[i].up_to > INDEX_MAX ? INDEX_MAX : standard->levels[i].up_to;
        char number[16];
        snprintf(number, sizeof number, "%d", below);
        if (below > 0)
            svg_line(chart->out, LEFT, y_of(below), RIGHT, y_of(below),
                     below >= 200 ? "stroke=\"#8a919c\" stroke-dasharray=\"5 3\""
                                  : "stroke=\"#dde1e7\"");
        svg_text(chart->out, LEFT - 60, y_of(below) + 40, "end", "style=\"font-size:11px\"",
                 number);
        int middle = (y_of(below) + y_of(up_to)) / 2 + 40;
        svg_text(chart->out, RIGHT + 50, middle, "start", "style=\"font-size:11px;fill:#555\"",
                 lang_get() == LANG_ZH ? standard->levels[i].name : "");
        below = up_to;
    }
    svg_line(chart->out, LEFT, y_of(400), RIGHT, y_of(400), "stroke=\"#dde1e7\"");
    svg_text(chart->out, LEFT - 60, y_of(400) + 40, "end", "style=\"font-size:11px\"", "400");
    svg_text(chart->out, LEFT - 60, TOP + 40, "end", "style=\"font-size:11px\"", "500");
    svg_text(chart->out, LEFT - 60, TOP - 130, "end", "style=\"font-size:11px;fill:#555\"", "AQI");
}

/* A label every so many hours, so that there are at most fifteen. */
static span_ms tick_span(const struct chart *chart)
{
    static const int hours[] = {1, 2, 3, 6, 12, 24, 48, 72, 168, 336, 720, 2160};
    span_ms length = chart->to - chart->from;
    size_t i = 0;
    while (i + 1 < sizeof hours / sizeof *hours && length / (hours[i] * (span_ms)HOUR_MS) > 15)
        i++;
    return hours[i] * (span_ms)HOUR_MS;
}

static void draw_ticks(struct chart *chart, int lanes_bottom)
{
    span_ms span = tick_span(chart), zone = chart->page->zone;
    instant_ms at = step_start(chart->from, span > DAY_MS ? DAY_MS : span, zone);
    for (; at <= chart->to; at += span) {
        char label[32];
        if (at < chart->from)
            continue;
        struct civil c = civil_of(at, zone);
        if (span >= DAY_MS)
            snprintf(label, sizeof label, "%d-%02d", c.month, c.day);
        else
            snprintf(label, sizeof label, "%02d:%02d", c.hour, c.minute);
        svg_line(chart->out, x_of(chart, at), TOP, x_of(chart, at), BOTTOM,
                 c.hour == 0 && span < DAY_MS ? "stroke=\"#c3c9d2\"" : "stroke=\"#edf0f4\"");
        svg_text(chart->out, x_of(chart, at), lanes_bottom + 160, "middle",
                 "style=\"font-size:11px\"", label);
        if (span < DAY_MS && c.hour == 0) {
            snprintf(label, sizeof label, "%d-%02d", c.month, c.day);
            svg_text(chart->out, x_of(chart, at), lanes_bottom + 300, "middle",
                     "style=\"font-size:11px;fill:#555\"", label);
        }
    }
}

/* ---- series ---- */

/* A line through the values at the ends (or middles) of their steps, broken where one is unknown.
 */
static void draw_line(struct chart *chart, const struct chart_line *line, bool middle,
                      const char *attributes)
{
    bool down = false;
    buf_printf(chart->out, "<path fill=\"none\" %s d=\"", attributes);
    for (size_t i = 0; i < line->count; i++) {
        const struct charted *item = &line->items[i];
        instant_ms at = middle ? (item->start + item->end) / 2 : item->end;
        bool known = item->value != AQI_UNKNOWN && at >= chart->from && at <= chart->to;
        if (known) {
            buf_putc(chart->out, down ? 'L' : 'M');
            svg_number(chart->out, x_of(chart, at));
            buf_putc(chart->out, ' ');
            svg_number(chart->out, y_of(item->value));
        }
        down = known;
    }
    buf_puts(chart->out, "\"/>\n");
}

static void draw_days(struct chart *chart)
{
    const struct chart_line *line = &chart->page->run->lines[CHART_DAY];
    for (size_t i = 0; i < line->count; i++) {
        const struct charted *day = &line->items[i];
        if (day->value == AQI_UNKNOWN || day->end <= chart->from || day->start >= chart->to)
            continue;
        svg_line(chart->out, x_of(chart, day->start), y_of(day->value), x_of(chart, day->end),
                 y_of(day->value), "stroke=\"#123a6b\" stroke-width=\"3\"");
    }
}

/* The newest bulletin that speaks of the day and was issued before it began; else the first of the
 * day itself. */
static const struct forecast *bulletin_for(const struct run *run, instant_ms day)
{
    const struct forecast *before = NULL, *within = NULL;
    for (size_t i = 0; i < run->bulletin_count; i++) {
        const struct forecast *bulletin = &run->bulletins[i].forecast;
        if (day < bulletin->start || day >= bulletin->start + bulletin->count * bulletin->step)
            continue;
        if (bulletin->issued < day && (!before || bulletin->issued >= before->issued))
            before = bulletin;
        if (bulletin->issued >= day && (!within || bulletin->issued < within->issued))
            within = bulletin;
    }
    return before ? before : within;
}

/* A box from the low to the high value; of a single value it is a narrow frame, so that the
 * measured day is seen within. */
static const char forecast_look[] =
    "fill=\"#7a4fb5\" fill-opacity=\".12\" stroke=\"#7a4fb5\" stroke-width=\"1.2\" "
    "stroke-dasharray=\"4 2\"";

static void draw_forecasts(struct chart *chart)
{
    instant_ms day = step_start(chart->from, DAY_MS, chart->page->zone);
    for (; day < chart->to; day += DAY_MS) {
        const struct forecast *bulletin = bulletin_for(chart->page->run, day);
        int64_t at = bulletin ? (day - bulletin->start) / bulletin->step : 0;
        if (!bulletin || bulletin->low[at] == MICRO_NONE)
            continue;
        int low = (int)(bulletin->low[at] / MICRO), high = (int)(bulletin->high[at] / MICRO);
        int x1 = x_of(chart, day), x2 = x_of(chart, day + DAY_MS);
        int top = y_of(high) - FORECAST_RIM, bottom = y_of(low) + FORECAST_RIM;
        svg_rect(chart->out, x1 + 20, top, x2 - x1 - 40, bottom - top, forecast_look);
    }
}

/* ---- lanes ---- */

static void draw_box(struct chart *chart, instant_ms from, instant_ms to, int y, const char *level,
                     bool announced)
{
    char attributes[160];
    int x = x_of(chart, from), width = x_of(chart, to) - x;
    bool dark = str_equal(level, "red") || str_equal(level, "blue");
    if (width <= 0)
        return;
    snprintf(attributes, sizeof attributes, "fill=\"%s\" stroke=\"#1a1a1a\" stroke-width=\"%s\"%s",
             announced ? "#fff" : level_colour(level), announced ? "1" : ".8",
             announced ? " stroke-dasharray=\"3 2\"" : "");
    svg_rect(chart->out, x, y, width, LANE - 50, attributes);
    struct buf words = {0};
    buf_puts(&words, announced ? tr("ahead: ", "预告：") : "");
    level_print(chart->page, &words, level);
    if (announced && width <= str_columns(buf_str(&words)) * 62) {
        buf_clear(&words);
        buf_puts(&words, tr("ahead", "预告"));
    }
    if (width > str_columns(buf_str(&words)) * 62)
        svg_text(chart->out, x + width / 2, y + 140, "middle",
                 announced || !dark ? "style=\"font-size:11px;fill:#000\""
                                    : "style=\"font-size:11px;fill:#fff\"",
                 buf_str(&words));
    buf_release(&words);
}

/* The level's colour over the plot, faint enough for everything drawn on it. */
static void draw_tint(struct chart *chart, instant_ms from, instant_ms to, const char *level)
{
    char attributes[80];
    int x = x_of(chart, from), width = x_of(chart, to) - x;
    snprintf(attributes, sizeof attributes, "fill=\"%s\" fill-opacity=\".09\"",
             level_colour(level));
    if (width > 0)
        svg_rect(chart->out, x, TOP, width, BOTTOM - TOP, attributes);
}

/* From each transition to the next; before it takes effect it is only announced. */
static void draw_levels(struct chart *chart, int y)
{
    const struct page *page = chart->page;
    for (size_t i = 0; i < page->wave_count; i++) {
        const struct record *record = page->waves[i].head;
        size_t k = i + 1;
        if (!record_is_transition(record))
            continue;
        while (k < page->wave_count && !record_is_transition(page->waves[k].head))
            k++;
        instant_ms end = k < page->wave_count ? page->waves[k].head->at : chart->to;
        const char *level = run_level_at(page->run, NULL, record->at);
        bool ahead = record->begin != INSTANT_NONE && record->begin > record->at;
        instant_ms begin = ahead ? record->begin : record->at;
        if (!level)
            continue;
        if (begin > end)
            begin = end;
        draw_box(chart, record->at, begin, y, level, true);
        draw_box(chart, begin, end, y, level, false);
        draw_tint(chart, begin, end, level);
    }
}

static void draw_history(struct chart *chart, int y)
{
    const struct scenario *scenario = chart->page->scenario;
    for (size_t i = 0; i < scenario->history_count; i++) {
        const struct history *history = &scenario->history[i];
        /* Of the last entry nobody has said when it ended: it is drawn a day long, and the lane
         * says so. */
        instant_ms from = scenario->start + history->at, to = INSTANT_NONE;
        for (size_t k = i + 1; k < scenario->history_count && to == INSTANT_NONE; k++) {
            if (scenario->history[k].level)
                to = scenario->start + scenario->history[k].at;
        }
        bool open = to == INSTANT_NONE;
        if (!history->level || str_equal(history->level, "none"))
            continue;
        to = open ? from + DAY_MS : to;
        draw_box(chart, from, to, y, history->level, false);
        if (open)
            svg_text(chart->out, x_of(chart, to) + 60, y + 140, "start",
                     "style=\"font-size:11px;fill:#555\"", tr("… end not known", "……终止时间不详"));
    }
}

/* Numbered marks of the transitions, as in the table; close ones one above the other. */
static void draw_marks(struct chart *chart, int lanes_bottom)
{
    int last[3] = {-MARK, -MARK, -MARK};
    for (size_t i = 0; i < chart->page->wave_count; i++) {
        const struct wave *wave = &chart->page->waves[i];
        int x = x_of(chart, wave->head->at), row = 0;
        char number[16];
        while (row < 2 && x - last[row] < MARK)
            row++;
        last[row] = x;
        int y = TOP - 110 - row * MARK;
        snprintf(number, sizeof number, "%d", wave->number);
        svg_line(chart->out, x, y + 70, x, lanes_bottom,
                 "stroke=\"#1a1a1a\" stroke-width=\".8\" stroke-dasharray=\"2 3\"");
        buf_puts(chart->out, "<circle cx=\"");
        svg_number(chart->out, x);
        buf_puts(chart->out, "\" cy=\"");
        svg_number(chart->out, y);
        buf_puts(chart->out, "\" r=\"7.5\" fill=\"#fff\" stroke=\"#1a1a1a\"/>\n");
        svg_text(chart->out, x, y + 38, "middle", "style=\"font-size:10.5px;font-weight:600\"",
                 number);
    }
}

static void draw_lanes(struct chart *chart, int *ret_bottom)
{
    int y = BOTTOM + 70;
    svg_text(chart->out, LEFT - 40, y + 140, "end", "style=\"font-size:11px\"",
             tr("engine", "推演"));
    draw_levels(chart, y);
    y += LANE;
    if (chart->page->scenario->history_count > 0) {
        svg_text(chart->out, LEFT - 40, y + 140, "end", "style=\"font-size:11px\"",
                 tr("real", "实际"));
        draw_history(chart, y);
        y += LANE;
    }
    *ret_bottom = y - 20;
}

/* ---- legend and whole ---- */

static void legend_item(struct buf *out, int *x, int y, const char *attributes, const char *words)
{
    svg_line(out, *x, y - 40, *x + 260, y - 40, attributes);
    svg_text(out, *x + 310, y, "start", "style=\"font-size:11px\"", words);
    *x += 310 + str_columns(words) * 60 + 200;
}

static void draw_legend(struct chart *chart, int y)
{
    int x = LEFT;
    legend_item(chart->out, &x, y, "stroke=\"#8a919c\" stroke-width=\"1.2\"",
                tr("hourly AQI", "小时 AQI"));
    legend_item(chart->out, &x, y, "stroke=\"#0a7a5a\" stroke-width=\"2\"",
                tr("24 h AQI", "24 小时滑动 AQI"));
    legend_item(chart->out, &x, y, "stroke=\"#123a6b\" stroke-width=\"3\"",
                tr("daily AQI", "日 AQI（实测）"));
    svg_rect(chart->out, x, y - 80, 260, 80, forecast_look);
    svg_text(chart->out, x + 310, y, "start", "style=\"font-size:11px\"",
             tr("daily AQI as forecast the day before", "日 AQI（前一日预报）"));
}

static bool chart_range(struct chart *chart)
{
    const struct run *run = chart->page->run;
    if (run->first == INSTANT_NONE || run->last <= run->first)
        return false;
    bool long_run = run->last - run->first > 3 * (span_ms)DAY_MS;
    chart->from = step_start(run->first, long_run ? DAY_MS : HOUR_MS, chart->page->zone);
    chart->to = run->last;
    return chart->to > chart->from;
}

static bool anything(const struct run *run)
{
    for (int i = 0; i < CHART_LINES; i++)
        for (size_t k = 0; k < run->lines[i].count; k++)
            if (run->lines[i].items[k].value != AQI_UNKNOWN)
                return true;
    return run->bulletin_count > 0;
}

void report_chart(struct page *page)
{
    struct chart chart = {.page = page, .out = page->out};
    int bottom;
    if (!chart_range(&chart) || !anything(page->run))
        return;
    bool history = page->scenario->history_count > 0;
    int height = (BOTTOM + 70 + LANE * (1 + history) + 700) / 10;
    html_heading(page, "air", tr("Air quality and level in force", "空气质量与生效级别"));
    buf_puts(page->out, "<figure>");
    svg_begin(page->out, WIDTH, height, tr("AQI and levels over time", "AQI 与预警级别过程线"));
    struct buf lanes = {0};
    chart.out = &lanes;
    draw_lanes(&chart, &bottom);
    chart.out = page->out;
    draw_bands(&chart);
    buf_puts(page->out, buf_str(&lanes)); /* the tint lies under the lines */
    buf_release(&lanes);
    draw_ticks(&chart, bottom);
    draw_line(&chart, &page->run->lines[CHART_HOUR], true,
              "stroke=\"#8a919c\" stroke-width=\"1.2\"");
    draw_days(&chart);
    draw_forecasts(&chart);
    draw_line(&chart, &page->run->lines[CHART_24H], false, "stroke=\"#0a7a5a\" stroke-width=\"2\"");
    draw_marks(&chart, bottom);
    draw_legend(&chart, bottom + 520);
    buf_puts(page->out, "</svg><figcaption>");
    html_text(page->out,
              tr("Numbers refer to the decisions below. Above 500 the index stands at 500. Dashed "
                 "boxes: announced, "
                 "not yet in effect.",
                 "圆圈数字对应下文决定序号；AQI 超过 500 按 500 绘制；虚线框为已发布、尚未生效。"));
    buf_puts(page->out, "</figcaption></figure>\n");
}
