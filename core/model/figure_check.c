/* The figures of policy.yaml, which scripts see as `p`.
 *
 * A list of maps that speak of `valid_from` or `value` is one dated figure.  Its dates must be
 * there and rise, so that exactly one value is in force on any day from the first on. */
#include "base/lang.h"
#include "model/policy_reader.h"
#include "model/schema.h"
#include <string.h>

struct dated {
    int64_t valid_from;
    const struct yaml *value;
    const char *document;
};
static const struct field dated_fields[] = {
    FIELD("valid_from", FIELD_DATE, offsetof(struct dated, valid_from), .required = true),
    FIELD("value", FIELD_NODE, offsetof(struct dated, value), .required = true),
    FIELD("document", FIELD_TEXT, offsetof(struct dated, document)),
    FIELD("note", FIELD_TEXT, FIELD_NOT_STORED),
};
static const struct schema dated_schema = {"a dated figure", "分期数值", dated_fields, 4, false};

static bool looks_dated(const struct yaml *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (yaml_get(list->items[i], "valid_from") || yaml_get(list->items[i], "value"))
            return true;
    }
    return false;
}

static void check_order(struct policy_reader *reader, const struct yaml *item, int64_t day,
                        int64_t before)
{
    if (day > before)
        return;
    findings_add(reader->findings, SEV_ERROR, "P006", yaml_place(yaml_get(item, "valid_from")),
                 tr("write the oldest first, each day once", "请按日期先后书写，每个日期只写一次"),
                 tr("“%s” does not come after the entry before it", "“%s”不晚于上一条的生效日期"),
                 yaml_text(item, "valid_from"));
}

/* Before its first entry a figure is nothing at all, and a rule that needs it fails. */
static void check_start(struct policy_reader *reader, const struct yaml *list, int64_t first)
{
    if (reader->policy->valid_from == 0 || first <= reader->policy->valid_from)
        return;
    findings_add(
        reader->findings, SEV_WARNING, "P007", yaml_place(yaml_get(list->items[0], "valid_from")),
        tr("add what held before, with its own valid_from", "请补写此前的数值及其生效日期"),
        tr("the figure has no value on the policy's first days", "政策生效之初该数值尚无取值"));
}

static void check_dated(struct policy_reader *reader, const struct yaml *list)
{
    int64_t before = INT64_MIN;
    for (size_t i = 0; i < list->count; i++) {
        const struct yaml *item = list->items[i];
        struct dated dated = {.valid_from = INT64_MIN};
        schema_read(&dated_schema, item, &dated, reader->findings);
        if (dated.document)
            names_refer(&reader->documents, dated.document, yaml_get(item, "document"),
                        reader->findings);
        if (dated.valid_from == INT64_MIN)
            continue;
        check_order(reader, item, dated.valid_from, before);
        if (i == 0)
            check_start(reader, list, dated.valid_from);
        before = dated.valid_from;
    }
}

void figures_check(struct policy_reader *reader, const struct yaml *figures)
{
    if (figures->kind == YAML_LIST && looks_dated(figures)) {
        check_dated(reader, figures);
        return;
    }
    for (size_t i = 0; i < figures->count; i++) {
        const struct yaml *item = figures->items[i];
        if (item->kind != YAML_SCALAR)
            figures_check(reader, item);
        else
            schema_text(item, figures->kind == YAML_MAP ? figures->keys[i]->text : "figures",
                        reader->findings);
    }
}
