/* The figures of policy.yaml, which scripts see as `p`.
 *
 * A figure that YAMLs read differently, one below zero and one with its unit are told of where they
 * stand, for a rule that uses them would be complained of elsewhere, and once for each use.
 *
 * A list of maps that speak of `valid_from` or `value` is one dated figure.  Its dates must be
 * there and rise, so that exactly one value is in force on any day from the first on. */
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/policy_reader.h"
#include "model/schema.h"
#include <stdlib.h>
#include <string.h>

/* Scalars ------------------------------------------------------------------------------------- */

/* The length of the number at the front: sign, digits, point, digits; *ret_power: then e and
 * digits.
 */
static size_t number_length(const char *text, bool *ret_power)
{
    static const char digits[] = "0123456789";
    size_t sign = *text == '-' || *text == '+', whole = strspn(text + sign, digits);
    size_t size = sign + whole;
    size_t places = text[size] == '.' ? strspn(text + size + 1, digits) : 0;
    if (whole + places == 0)
        return 0;
    size += places + (places > 0);
    size_t mark = text[size] == 'e' || text[size] == 'E';
    mark += mark && (text[size + 1] == '-' || text[size + 1] == '+');
    size_t power = mark ? strspn(text + size + mark, digits) : 0;
    *ret_power = power > 0;
    return size + (power > 0 ? mark + power : 0);
}

/* Units of values, as people write them behind a number.  Spans and distances are not here: they
 * need theirs. */
static bool is_unit(const char *text)
{
    static const char *const units[] = {"µg",   "μg",  "ug", "mg", "ng", "微克", "毫克", "ppm",
                                        "ppb",  "%",   "％", "℃",  "°C", "kW",   "KW",   "kw",
                                        "千瓦", "m/s", "t",  "吨", "kg", "千克", "公斤"};
    text += strspn(text, " ");
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (!str_starts(text, units[i]))
            continue;
        const char *rest = text + strlen(units[i]);
        if (!*rest || *rest == '/' || str_starts(rest, "每"))
            return true;
    }
    return false;
}

static void refuse_power(struct policy_reader *reader, const struct yaml *node)
{
    struct buf plain = {0};
    micro value;
    bool known = micro_parse(node->text, &value) == 0;
    if (known)
        micro_print(&plain, value);
    char *hint = known ? xasprintf(tr("write %s", "请写 %s"), buf_str(&plain)) : NULL;
    findings_add(reader->findings, SEV_ERROR, "Y011", yaml_place(node), hint,
                 tr("“%s” is a number for some YAMLs and text for others",
                    "“%s”在有的 YAML 中是数字，在有的 YAML 中是文字"),
                 node->text);
    free(hint);
    buf_release(&plain);
}

static void refuse_unit(struct policy_reader *reader, const struct yaml *node, size_t size)
{
    char *hint = xasprintf(tr("write %.*s; text is put in quotes", "请写 %.*s；如果是文字请加引号"),
                           (int)size, node->text);
    findings_add(reader->findings, SEV_ERROR, "P017", yaml_place(node), hint,
                 tr("the figure “%s” carries its unit", "数值“%s”带有单位"), node->text);
    free(hint);
}

static void check_number(struct policy_reader *reader, const struct yaml *node)
{
    bool power = false;
    micro value;
    size_t size = number_length(node->text, &power);
    bool whole = size > 0 && node->text[size] == 0;
    if (size > 0 && !whole && is_unit(node->text + size))
        refuse_unit(reader, node, size);
    if (whole && power)
        refuse_power(reader, node);
    if (!whole || power || !yaml_micro(node, &value, reader->findings) || value >= 0)
        return;
    findings_add(reader->findings, SEV_WARNING, "P016", yaml_place(node),
                 tr("drop the sign, unless it is meant", "如非有意，请去掉负号"),
                 tr("the figure %s is below zero", "数值 %s 带负号"), node->text);
}

static void check_scalar(struct policy_reader *reader, const struct yaml *node, const char *what)
{
    if (schema_text(node, what, reader->findings) && !node->quoted)
        check_number(reader, node);
}

/* Dated figures ------------------------------------------------------------------------------- */

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

static void check_value(struct policy_reader *reader, const struct yaml *node, const char *what);

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
        if (dated.value)
            check_value(reader, dated.value, "value");
        if (dated.valid_from == INT64_MIN)
            continue;
        check_order(reader, item, dated.valid_from, before);
        if (i == 0)
            check_start(reader, list, dated.valid_from);
        before = dated.valid_from;
    }
}

static void check_value(struct policy_reader *reader, const struct yaml *node, const char *what)
{
    if (node->kind == YAML_SCALAR)
        check_scalar(reader, node, what);
    else
        figures_check(reader, node);
}

void figures_check(struct policy_reader *reader, const struct yaml *figures)
{
    if (figures->kind == YAML_LIST && looks_dated(figures)) {
        check_dated(reader, figures);
        return;
    }
    for (size_t i = 0; i < figures->count; i++)
        check_value(reader, figures->items[i],
                    figures->kind == YAML_MAP ? figures->keys[i]->text : "figures");
}
