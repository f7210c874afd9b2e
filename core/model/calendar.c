/* The calendar: which days are worked, and the seasons of the law. */
#include "base/lang.h"
#include "model/policy_reader.h"
#include "model/schema.h"

static const struct field span_fields[] = {
    FIELD("name", FIELD_TEXT, offsetof(struct calendar_span, name), .required = true),
    FIELD("from", FIELD_DATE, offsetof(struct calendar_span, from_day), .required = true),
    FIELD("to", FIELD_DATE, offsetof(struct calendar_span, to_day), .required = true),
    FIELD("document", FIELD_TEXT, FIELD_NOT_STORED),
};
static const struct schema span_schema = {"a calendar entry", "日历条目", span_fields, 4, false};

struct calendar_file {
    const struct yaml *holidays, *workdays, *seasons;
};
static const struct field file_fields[] = {
    FIELD("holidays", FIELD_LIST, offsetof(struct calendar_file, holidays)),
    FIELD("workdays", FIELD_LIST, offsetof(struct calendar_file, workdays)),
    FIELD("seasons", FIELD_LIST, offsetof(struct calendar_file, seasons)),
};
static const struct schema file_schema = {"calendar.yaml", "calendar.yaml ", file_fields, 3, false};

static bool covers(const struct calendar_span *spans, size_t count, int64_t day)
{
    for (size_t i = 0; i < count; i++) {
        if (day >= spans[i].from_day && day <= spans[i].to_day)
            return true;
    }
    return false;
}

bool calendar_workday(const struct calendar *calendar, int64_t day)
{
    if (covers(calendar->workdays, calendar->workday_count, day))
        return true;
    if (covers(calendar->holidays, calendar->holiday_count, day))
        return false;
    int64_t weekday = ((day + 3) % 7 + 7) % 7; /* day 0 was a Thursday; 0 is Monday here */
    return weekday < 5;
}

static void read_spans(struct policy_reader *reader, const struct yaml *list,
                       struct calendar_span **ret_spans, size_t *ret_count)
{
    size_t count = list ? list->count : 0, kept = 0;
    struct calendar_span *spans = arena_alloc(reader->arena, (count + 1) * sizeof *spans);
    for (size_t i = 0; i < count; i++) {
        struct calendar_span span = {0};
        const struct yaml *node = list->items[i];
        if (!schema_read(&span_schema, node, &span, reader->findings))
            continue;
        const struct yaml *document = yaml_get(node, "document");
        if (document)
            names_refer(&reader->documents, document->text, document, reader->findings);
        if (span.to_day < span.from_day)
            findings_add(reader->findings, SEV_ERROR, "H001", yaml_place(yaml_get(node, "to")),
                         NULL, tr("“%s” ends before it begins", "“%s”的结束日期早于开始日期"),
                         span.name);
        spans[kept++] = span;
    }
    *ret_spans = spans;
    *ret_count = kept;
}

/* A day cannot be both worked and free. */
static void check_workdays(struct policy_reader *reader, const struct yaml *list)
{
    const struct calendar *calendar = &reader->policy->calendar;
    for (size_t i = 0; i < calendar->workday_count && calendar->workday_count == list->count; i++) {
        const struct calendar_span *span = &calendar->workdays[i];
        for (int64_t day = span->from_day; day <= span->to_day; day++) {
            if (!covers(calendar->holidays, calendar->holiday_count, day))
                continue;
            findings_add(reader->findings, SEV_ERROR, "H002", yaml_place(list->items[i]), NULL,
                         tr("the workday “%s” lies within a holiday", "调休上班日“%s”落在假期之内"),
                         span->name);
            break;
        }
    }
}

void calendar_read(struct policy_reader *reader, const struct yaml *root)
{
    struct calendar *calendar = &reader->policy->calendar;
    struct calendar_file file = {0};
    schema_read(&file_schema, root, &file, reader->findings);
    read_spans(reader, file.holidays, &calendar->holidays, &calendar->holiday_count);
    read_spans(reader, file.workdays, &calendar->workdays, &calendar->workday_count);
    read_spans(reader, file.seasons, &calendar->seasons, &calendar->season_count);
    if (file.workdays)
        check_workdays(reader, file.workdays);
}
