/* See reasons.h. */
#include "cli/reasons.h"
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "cli/output.h"
#include "cli/words.h"
#include "model/policy.h"
#include <jansson.h>
#include <string.h>

enum { LABEL_COLUMNS = 12, VALUES_SHOWN = 12 };

static const char *text_at(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static long long number_at(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void label(FILE *stream, const char *text)
{
    fprintf(stream, "    %s", ink(stream, INK_DIM));
    print_padded(stream, text, LABEL_COLUMNS);
    fputs(ink_end(stream), stream);
}

/* 2015-11-06T00:00:00+08:00 → 2015-11-06 周五 00:00 */
static void put_when(struct buf *buf, const char *text, span_ms zone)
{
    instant_ms instant;
    if (instant_parse_rfc3339(text, &instant) < 0)
        buf_puts(buf, text);
    else
        words_when(buf, instant, zone);
}

/* "bulletin hindcast/2015-11-04 issued T" and "measured", in words. */
static void put_source(struct buf *buf, const char *source, span_ms zone)
{
    const char *issued = strstr(source, " issued ");
    if (strcmp(source, "measured") == 0) {
        buf_puts(buf, tr("measured", "实测"));
    } else if (strcmp(source, "unknown") == 0) {
        buf_puts(buf, tr("unknown", "未知"));
    } else if (str_starts(source, "bulletin ") && issued) {
        int size = (int)(issued - source - (long)strlen("bulletin "));
        buf_printf(buf, tr("bulletin %.*s of ", "预报 %.*s，发布于 "), size,
                   source + strlen("bulletin "));
        put_when(buf, issued + strlen(" issued "), zone);
    } else {
        buf_puts(buf, source);
    }
}

static void put_primary(struct buf *buf, const json_t *primary)
{
    size_t i;
    json_t *item;
    json_array_foreach(primary, i, item) buf_printf(
        buf, "%s%s", i ? "+" : "", pollutant_label(pollutant_of(json_string_value(item))));
}

static void add_value(struct table *table, const json_t *value, span_ms zone)
{
    struct buf step = {0}, source = {0}, learnt = {0}, primary = {0};
    const char *known = json_string_value(json_object_get(value, "value"));
    put_when(&step, text_at(value, "step"), zone);
    put_source(&source, text_at(value, "source"), zone);
    if (text_at(value, "learnt")[0])
        put_when(&learnt, text_at(value, "learnt"), zone);
    put_primary(&primary, json_object_get(value, "primary"));
    table_cell(table, INK_NONE, "%s", buf_str(&step));
    table_cell(table, INK_BOLD, "%s", known ? known : "?");
    table_cell(table, INK_NONE, "%s", buf_str(&primary));
    table_cell(table, INK_NONE, "%s", buf_str(&source));
    table_cell(table, INK_DIM, "%s", buf_str(&learnt));
    buf_release(&step);
    buf_release(&source);
    buf_release(&learnt);
    buf_release(&primary);
}

/* The ends of a long run say most; its middle is only counted. */
static void print_values(FILE *stream, const json_t *values, span_ms zone)
{
    static const struct table_column columns[] = {
        {{"step", "时段"}, false},          {{"value", "取值"}, true},
        {{"primary", "首要污染物"}, false}, {{"source", "来源"}, false},
        {{"learnt", "获知于"}, false},
    };
    size_t count = json_array_size(values);
    bool cut = count > VALUES_SHOWN;
    struct table *table = table_new(columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < count; i++)
        if (!cut || i < VALUES_SHOWN / 2 || i >= count - VALUES_SHOWN / 2)
            add_value(table, json_array_get(values, i), zone);
    if (count > 0)
        table_print(stream, table, 8);
    if (cut)
        fprintf(stream,
                tr("        (the first and last %d of %zu values; -o json gives the rest)\n",
                   "        （前后各 %d 个，共 %zu 个；全部见 -o json）\n"),
                VALUES_SHOWN / 2, count);
    table_free(table);
}

static void print_run(FILE *stream, const json_t *run, span_ms zone)
{
    struct buf from = {0}, to = {0};
    put_when(&from, text_at(run, "from"), zone);
    put_when(&to, text_at(run, "to"), zone);
    fprintf(stream,
            tr("        run %s — %s, %lld values, %s\n",
               "        连续时段 %s — %s，%lld 个值，覆盖 %s\n"),
            buf_str(&from), buf_str(&to), number_at(run, "values"), text_at(run, "covers"));
    buf_release(&from);
    buf_release(&to);
}

static const char *view_word(const char *view)
{
    if (strcmp(view, "observed") == 0)
        return tr("measured", "实测");
    if (strcmp(view, "forecast") == 0)
        return tr("forecast", "预报");
    if (strcmp(view, "timeline") == 0)
        return tr("measured, else forecast", "实测优先、预报补足");
    return tr("receipt", "回执");
}

static void print_clause_head(FILE *stream, const json_t *clause, const char *file)
{
    struct buf words = {0};
    bool held = json_is_true(json_object_get(clause, "held"));
    words_because(&words, text_at(clause, "words"));
    fprintf(stream, "      %s%s%s %s", ink(stream, held ? INK_GREEN : INK_RED), held ? "✓" : "✗",
            ink_end(stream), buf_str(&words));
    if (text_at(clause, "lasting")[0])
        fprintf(stream, tr(" for at least %s", "，须持续 %s"), text_at(clause, "lasting"));
    fprintf(stream, tr("  (%s)  %s%s:%lld", "（%s）  %s%s:%lld"),
            view_word(text_at(clause, "view")), ink(stream, INK_DIM), file,
            number_at(clause, "line"));
    if (text_at(clause, "figure")[0])
        fprintf(stream, tr("  p.%s at %s", "  p.%s 见 %s"), text_at(clause, "figure"),
                text_at(clause, "figure_at"));
    fprintf(stream, "%s\n", ink_end(stream));
    buf_release(&words);
}

static void print_clause(FILE *stream, const json_t *clause, const char *file, span_ms zone)
{
    const json_t *run = json_object_get(clause, "run");
    print_clause_head(stream, clause, file);
    if (run)
        print_run(stream, run, zone);
    print_values(stream, json_object_get(clause, "values"), zone);
}

static void print_basis(FILE *stream, const json_t *object)
{
    const json_t *basis = json_object_get(object, "basis");
    if (!basis)
        return;
    label(stream, tr("legal basis", "法律依据"));
    fprintf(stream, "%s", text_at(basis, "title"));
    if (text_at(basis, "number")[0])
        fprintf(stream, tr(" (%s)", "（%s）"), text_at(basis, "number"));
    if (text_at(basis, "article")[0])
        fprintf(stream, tr(", article %s", "，第%s条"), text_at(basis, "article"));
    fputc('\n', stream);
}

void reasons_print(FILE *stream, const char *trace, span_ms zone)
{
    json_t *root = trace ? json_loads(trace, 0, NULL) : NULL;
    if (!root)
        return;
    print_basis(stream, root);
    label(stream, tr("rule", "规则"));
    fprintf(stream, "%s  %s:%lld\n", text_at(root, "rule"), text_at(root, "file"),
            number_at(root, "line"));
    label(stream, tr("policy", "政策包"));
    fprintf(stream, "%s\n", text_at(root, "bundle"));
    const json_t *clauses = json_object_get(root, "clauses");
    if (json_array_size(clauses) > 0) {
        fprintf(stream, "    %s%s%s\n", ink(stream, INK_DIM), tr("clauses", "条件"),
                ink_end(stream));
    }
    for (size_t i = 0; i < json_array_size(clauses); i++)
        print_clause(stream, json_array_get(clauses, i), text_at(root, "file"), zone);
    json_decref(root);
}

/* ---- why not
 * -----------------------------------------------------------------------------------------------
 */

/* "24h, needs 48h" or "begins 20h too late"; and how near the nearest value came. */
static void print_distance(FILE *stream, const json_t *candidate, span_ms zone)
{
    const char *distance = text_at(candidate, "distance");
    const char *needs = strstr(distance, ", needs ");
    const json_t *nearest = json_object_get(candidate, "nearest");
    int late = 0;
    if (!distance[0])
        return;
    fprintf(stream, "        %s", ink(stream, INK_YELLOW));
    if (needs && json_is_true(json_object_get(candidate, "unknown")))
        fprintf(stream, tr("unknown: there is no value; needs %s", "未知：没有有效数据；需要 %s"),
                needs + strlen(", needs "));
    else if (needs)
        fprintf(stream, tr("lasted %.*s, needs %s", "只持续 %.*s，需要 %s"),
                (int)(needs - distance), distance, needs + strlen(", needs "));
    else if (sscanf(distance, "begins %*s too late%n", &late) == 0 && late > 0)
        fprintf(stream, tr("long enough, but it begins %.*s too late", "时长已够，但开始晚了 %.*s"),
                (int)strcspn(distance + strlen("begins "), " "), distance + strlen("begins "));
    if (nearest) {
        struct buf when = {0};
        instant_ms step;
        if (instant_parse_rfc3339(text_at(nearest, "step"), &step) == 0)
            words_when(&when, step, zone);
        fprintf(stream, tr("; the nearest value is %s (%s)", "；最接近的值为 %s（%s）"),
                text_at(nearest, "value"), buf_str(&when));
        buf_release(&when);
    }
    fprintf(stream, "%s\n", ink_end(stream));
}

static void print_verdict(FILE *stream, const json_t *rule, const struct policy *policy)
{
    const char *in_force = json_string_value(json_object_get(rule, "in_force"));
    bool holds = json_is_true(json_object_get(rule, "holds"));
    label(stream, tr("in force", "现行级别"));
    fprintf(stream, "%s%s%s\n", ink(stream, level_ink(in_force)), words_level(policy, in_force),
            ink_end(stream));
    label(stream, tr("conditions", "条件"));
    if (!holds && json_array_size(json_object_get(rule, "candidates")) == 1)
        fputs(tr("it does not hold\n", "不成立\n"), stream);
    else if (holds)
        fputs(tr("they hold now\n", "目前成立\n"), stream);
    else if (strcmp(text_at(rule, "needs"), "any") == 0)
        fputs(tr("none holds; one would do\n", "都不成立；成立任何一个即可\n"), stream);
    else
        fputs(tr("not all hold; all are needed\n", "没有全部成立；须全部成立\n"), stream);
}

static void print_absence(FILE *stream, const json_t *rule, const struct policy *policy)
{
    span_ms zone = policy->zone;
    const json_t *candidates = json_object_get(rule, "candidates");
    fprintf(stream, "%s%s%s  %s  %s%s:%lld%s\n", ink(stream, INK_BOLD), text_at(rule, "rule"),
            ink_end(stream), text_at(rule, "area"), ink(stream, INK_DIM), text_at(rule, "file"),
            number_at(rule, "line"), ink_end(stream));
    print_basis(stream, rule);
    print_verdict(stream, rule, policy);
    for (size_t i = 0; i < json_array_size(candidates); i++) {
        const json_t *candidate = json_array_get(candidates, i);
        const json_t *clause = json_object_get(candidate, "clause");
        const json_t *run = json_object_get(clause, "run");
        print_clause_head(stream, clause, text_at(rule, "file"));
        print_distance(stream, candidate, zone);
        if (run)
            print_run(stream, run, zone);
        print_values(stream, json_object_get(clause, "values"), zone);
    }
    fputc('\n', stream);
}

int absence_print(FILE *stream, const char *json, const struct policy *policy)
{
    json_t *root = json_loads(json, 0, NULL);
    const json_t *rules = json_object_get(root, "rules");
    int count = (int)json_array_size(rules);
    for (int i = 0; i < count; i++)
        print_absence(stream, json_array_get(rules, (size_t)i), policy);
    json_decref(root);
    return count;
}
