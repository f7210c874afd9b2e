/* What the parts of a report share: escaping, level badges, times, what was ordered in which wave.
 */
#ifndef CLI_REPORT_HTML_H
#define CLI_REPORT_HTML_H

#include "base/html.h"
#include "cli/report.h"

/* The orders that one decision released. */
struct wave {
    const struct record *head;
    int number;        /* from 1, among all decisions that are numbered */
    size_t first, end; /* records of the run: [first, end) are its orders and releases */
    size_t orders, releases;
    size_t delivered, acknowledged, refused, done;
};
struct page {
    struct buf *out;
    const struct report *report;
    const struct run *run;
    const struct scenario *scenario;
    const struct policy *policy;
    span_ms zone;
    struct wave *waves;
    size_t wave_count;
    int section; /* number of the last heading */
};

/* ---- report_html.c ---- */
/* A level with word, numeral, shape and colour; NULL: no warning. */
void html_badge(struct page *page, const char *level);
/* CSS class of a level: lv-yellow lv-orange lv-red lv-blue, lv-other. */
const char *level_class(const char *level);
const char *level_colour(const char *level); /* #FFD400 */
/* "红色（Ⅰ级）", in the report's language; not escaped. */
void level_print(struct page *page, struct buf *out, const char *level);
void html_when(struct page *page, instant_ms at);   /* 11月8日 16:00 */
void html_offset(struct page *page, instant_ms at); /* T+1d2h */
void html_heading(struct page *page, const char *id, const char *title);
/* Chinese names of what the registry holds as codes, as far as policy.yaml has them. */
const char *district_name(const struct policy *policy, const char *code);
const char *industry_name(const struct policy *policy, const char *industry);
const char *warning_title(const struct record *record); /* the rule's title, or its name */
/* Waves of the run; caller frees page->waves. */
void page_waves(struct page *page);
const struct wave *page_biggest_wave(const struct page *page); /* or NULL when nobody was told */
bool page_answered(const struct page *page);                   /* any receipt came */

/* ---- report_style.c ---- */
extern const char report_style[], report_script[];

/* ---- the parts ---- */
void report_summary(struct page *page);
void report_chart(struct page *page);    /* report_chart.c */
void report_timeline(struct page *page); /* report_timeline.c */
void report_history(struct page *page);
void report_orders(struct page *page); /* report_orders.c */
void report_shares(struct page *page); /* report_answers.c */
void report_answers(struct page *page);
void report_expectations(struct page *page); /* report_judged.c */
void report_fork(struct page *page);
void report_why(struct page *page); /* report_why.c */

/* ---- drawing: coordinates in tenths of a pixel ---- */
void svg_begin(struct buf *out, int width, int height, const char *title);
void svg_line(struct buf *out, int x1, int y1, int x2, int y2, const char *attributes);
void svg_rect(struct buf *out, int x, int y, int width, int height, const char *attributes);
/* `anchor`: start middle end. */
void svg_text(struct buf *out, int x, int y, const char *anchor, const char *attributes,
              const char *text);
void svg_number(struct buf *out, int tenths); /* 12.5 */

#endif
