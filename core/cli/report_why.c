/* Why each decision: the trace as a table, with where every value came from and when it was learnt.
 */
#include "base/buf.h"
#include "base/str.h"
#include "cli/report_html.h"
#include "cli/words.h"
#include <jansson.h>
#include <string.h>

enum { VALUES_SHOWN = 8 };

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static void print_instant(struct page *page, const char *text)
{
    instant_ms instant;
    if (instant_parse_rfc3339(text, &instant) == 0)
        html_when(page, instant);
    else
        html_text(page->out, text);
}

/* "bulletin NAME issued T", "measured", "unknown" */
static void print_source(struct page *page, const char *source)
{
    const char *issued = strstr(source, " issued ");
    if (str_equal(source, "measured")) {
        buf_puts(page->out, tr("measured", "实测"));
    } else if (str_equal(source, "unknown")) {
        buf_puts(page->out, tr("unknown", "未知"));
    } else if (str_starts(source, "bulletin ") && issued) {
        buf_puts(page->out, tr("bulletin of ", "预报，"));
        print_instant(page, issued + strlen(" issued "));
        buf_puts(page->out, tr("", " 发布"));
    } else {
        html_text(page->out, source);
    }
}

static void value_row(struct page *page, const json_t *value)
{
    const char *known = json_string_value(json_object_get(value, "value"));
    const json_t *primary = json_object_get(value, "primary");
    buf_puts(page->out, "<tr><td class=\"t\">");
    print_instant(page, text_at(value, "step"));
    buf_printf(page->out, "</td><td class=\"n\"><b>%s</b></td><td>", known ? known : "?");
    for (size_t i = 0; i < json_array_size(primary); i++) {
        enum pollutant pollutant = pollutant_of(json_string_value(json_array_get(primary, i)));
        buf_puts(page->out, i ? " + " : "");
        html_text(page->out, pollutant == POLLUTANT_NONE ? "" : pollutant_label(pollutant));
    }
    buf_puts(page->out, "</td><td>");
    print_source(page, text_at(value, "source"));
    buf_puts(page->out, "</td><td class=\"t\">");
    if (text_at(value, "learnt")[0])
        print_instant(page, text_at(value, "learnt"));
    buf_puts(page->out, "</td></tr>\n");
}

static void values_table(struct page *page, const json_t *values)
{
    size_t count = json_array_size(values);
    if (count == 0)
        return;
    buf_printf(page->out,
               "<table class=\"narrow\">\n<thead><tr><th>%s</th><th "
               "class=\"n\">%s</th><th>%s</th><th>%s</th><th>%s</th></tr></thead>\n",
               tr("step", "时段起点"), tr("value", "取值"), tr("primary", "首要污染物"),
               tr("source", "来源"), tr("learnt", "获知于"));
    for (size_t i = 0; i < count; i++) {
        if (count > VALUES_SHOWN && i == VALUES_SHOWN / 2) {
            buf_printf(page->out,
                       tr("<tr><td colspan=\"5\" class=\"soft\">… %zu more …</td></tr>\n",
                          "<tr><td colspan=\"5\" class=\"soft\">……其间 %zu 个值从略……</td></tr>\n"),
                       count - VALUES_SHOWN);
            i = count - VALUES_SHOWN / 2;
        }
        value_row(page, json_array_get(values, i));
    }
    buf_puts(page->out, "</table>\n");
}

static void print_clause(struct page *page, const json_t *clause, const char *file)
{
    struct buf words = {0};
    bool held = json_is_true(json_object_get(clause, "held"));
    words_because(&words, text_at(clause, "words"));
    buf_printf(page->out, "<p><span class=\"%s\">%s</span> ", held ? "yes" : "not",
               held ? tr("✓ held", "✓ 成立") : tr("✗ did not hold", "✗ 不成立"));
    html_text(page->out, buf_str(&words));
    if (text_at(clause, "lasting")[0]) {
        buf_puts(page->out, tr(" for at least ", "，须持续 "));
        html_text(page->out, text_at(clause, "lasting"));
    }
    buf_puts(page->out, " <code class=\"soft\">");
    html_text(page->out, file);
    buf_printf(page->out, ":%lld</code></p>\n",
               (long long)json_integer_value(json_object_get(clause, "line")));
    buf_release(&words);
    if (held)
        values_table(page, json_object_get(clause, "values"));
}

static void print_basis(struct page *page, const json_t *trace)
{
    const json_t *basis = json_object_get(trace, "basis");
    if (!basis)
        return;
    buf_printf(page->out, "<p>%s", tr("Legal basis: ", "依据："));
    html_text(page->out, lang_get() == LANG_ZH ? "《" : "");
    html_text(page->out, text_at(basis, "title"));
    html_text(page->out, lang_get() == LANG_ZH ? "》" : "");
    if (text_at(basis, "number")[0]) {
        buf_puts(page->out, tr(" (", "（"));
        html_text(page->out, text_at(basis, "number"));
        buf_puts(page->out, tr(")", "）"));
    }
    if (text_at(basis, "article")[0]) {
        buf_puts(page->out, tr(", ", "，"));
        html_text(page->out, text_at(basis, "article"));
    }
    buf_puts(page->out, "</p>\n");
}

static void print_trace(struct page *page, const struct record *record)
{
    json_t *trace = record->trace ? json_loads(record->trace, 0, NULL) : NULL;
    if (!trace)
        return;
    const json_t *clauses = json_object_get(trace, "clauses");
    print_basis(page, trace);
    for (size_t i = 0; i < json_array_size(clauses); i++)
        print_clause(page, json_array_get(clauses, i), text_at(trace, "file"));
    json_decref(trace);
}

static void print_decision(struct page *page, const struct wave *wave)
{
    const struct record *record = wave->head;
    buf_printf(page->out, "<details open><summary><span class=\"no\">%d</span> ", wave->number);
    html_when(page, record->at);
    buf_printf(page->out, " %s ", words_kind(record->kind));
    if (record_is_transition(record))
        html_badge(page, record->level);
    else
        html_text(page->out, warning_title(record));
    buf_puts(page->out, "</summary><div>\n");
    for (int i = 0; i < record->because_count && !record->trace; i++) {
        struct buf words = {0};
        words_because(&words, record->because[i]);
        buf_puts(page->out, "<p>");
        html_text(page->out, buf_str(&words));
        buf_puts(page->out, "</p>\n");
        buf_release(&words);
    }
    print_trace(page, record);
    if (record->planned)
        buf_printf(page->out, "<p class=\"soft small\">%s <code>%s</code></p>\n",
                   tr("plan", "方案号"), record->plan);
    if (record->text) {
        buf_printf(page->out, "<h3>%s</h3><pre>", tr("Public notice", "公告稿"));
        html_text(page->out, record->text);
        buf_puts(page->out, "</pre>\n");
    }
    buf_puts(page->out, "</div></details>\n");
}

void report_why(struct page *page)
{
    bool any = false;
    for (size_t i = 0; i < page->wave_count; i++)
        any |= record_is_transition(page->waves[i].head);
    if (!any)
        return;
    html_heading(page, "why", tr("Why each decision", "各项决定的理由"));
    buf_puts(page->out, "<div>\n");
    for (size_t i = 0; i < page->wave_count; i++)
        if (record_is_transition(page->waves[i].head))
            print_decision(page, &page->waves[i]);
    buf_puts(page->out, "</div>\n");
}
