/* The parts of a registry entry: lines, outlets, contacts.
 *
 * A line's safety minimum is a percent of its normal output below which it is never ordered; it is
 * rounded up, because a furnace does not care for our rounding. */
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/registry_reader.h"
#include "model/schema.h"
#include <stdlib.h>
#include <string.h>

#define EMISSION_MAX (100000 * (int64_t)MICRO) /* t/d: kilograms were meant */
#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct field emission_fields[] = {
    FIELD("so2", FIELD_MICRO, E_SO2 * sizeof(micro), .high = EMISSION_MAX, .unit = "t/d"),
    FIELD("nox", FIELD_MICRO, E_NOX * sizeof(micro), .high = EMISSION_MAX, .unit = "t/d"),
    FIELD("pm", FIELD_MICRO, E_PM * sizeof(micro), .high = EMISSION_MAX, .unit = "t/d"),
    FIELD("vocs", FIELD_MICRO, E_VOCS * sizeof(micro), .high = EMISSION_MAX, .unit = "t/d"),
};
const struct schema emissions_schema = {"a map of emissions", "排放量", emission_fields, EMISSIONS,
                                        false};

/* Lines ---------------------------------------------------------------------------------------- */

struct line_entry {
    struct line line;
    const struct yaml *safe_minimum, *proof;
};
static const struct field line_fields[] = {
    FIELD("id", FIELD_ID, offsetof(struct line_entry, line.id), .required = true),
    FIELD("name", FIELD_TEXT, offsetof(struct line_entry, line.name), .required = true),
    FIELD("day", FIELD_MAP, FIELD_NOT_STORED),
    FIELD("safe_minimum", FIELD_NODE, offsetof(struct line_entry, safe_minimum)),
    FIELD("proof", FIELD_MAP, offsetof(struct line_entry, proof)),
    FIELD("points", FIELD_NODE, FIELD_NOT_STORED),
    FIELD("limits", FIELD_MAP, FIELD_NOT_STORED),
    FIELD("process", FIELD_TEXT, FIELD_NOT_STORED),
    FIELD("capacity", FIELD_TEXT, FIELD_NOT_STORED),
    FIELD("note", FIELD_TEXT, FIELD_NOT_STORED),
};
static const struct schema line_schema = {"a line", "生产线", line_fields, COUNT(line_fields),
                                          false};

struct safe_minimum {
    int percent;
    const char *text;
};
static const struct field safe_fields[] = {
    FIELD("percent", FIELD_INT, offsetof(struct safe_minimum, percent), .required = true, .low = 1,
          .high = 100, .unit = "%"),
    FIELD("text", FIELD_TEXT, offsetof(struct safe_minimum, text), .required = true),
};
static const struct schema safe_schema = {"“safe_minimum”", "safe_minimum ", safe_fields, 2, false};

/* The figure before the % of 保温不低于20%, rounded up so that the line is never ordered below it;
 * 0: none. */
static int percent_in(const char *text)
{
    char *half = str_halfwidth(text);
    const char *sign = strchr(half, '%'), *at = sign;
    while (at && at > half && strchr("0123456789.", at[-1]))
        at--;
    micro value = 0;
    int percent = 0;
    if (at && at < sign) {
        char *figure = xstrndup(at, (size_t)(sign - at));
        if (micro_parse(figure, &value) == 0 && value > 0 && value <= 100 * (micro)MICRO)
            percent = (int)((value + MICRO - 1) / MICRO);
        free(figure);
    }
    free(half);
    return percent;
}

static void read_safe_minimum(struct registry_reader *reader, struct line *line,
                              const struct yaml *node)
{
    struct findings *findings = reader->policy->findings;
    struct safe_minimum safe = {0};
    if (node->kind == YAML_MAP) {
        schema_read(&safe_schema, node, &safe, findings);
    } else if ((safe.text = schema_text(node, "safe_minimum", findings)) != NULL) {
        safe.percent = percent_in(safe.text);
        if (safe.percent == 0)
            findings_add(findings, SEV_ERROR, "E008", yaml_place(node),
                         tr("e.g. 保温不低于20%, or {percent: 20, text: …}",
                            "例如 保温不低于20%，或 {percent: 20, text: …}"),
                         tr("the safety minimum “%s” names no percent from 1 to 100",
                            "安全底线“%s”没有写明 1 至 100 的百分比"),
                         safe.text);
    }
    line->safe_text = safe.text;
    line->safe_percent = safe.percent;
}

/* What stands in `day`, if it is there. */
void emissions_read(struct registry_reader *reader, const struct yaml *node, micro day[EMISSIONS])
{
    if (!node)
        return;
    if (node->kind != YAML_MAP ||
        !schema_read(&emissions_schema, node, day, reader->policy->findings))
        reader->day_unclear = true;
}

static void read_line(struct registry_reader *reader, struct recipient *recipient,
                      const struct yaml *node)
{
    struct findings *findings = reader->policy->findings;
    struct line_entry entry = {.line.node = node};
    schema_read(&line_schema, node, &entry, findings);
    emissions_read(reader, yaml_get(node, "day"), entry.line.day);
    if (entry.safe_minimum)
        read_safe_minimum(reader, &entry.line, entry.safe_minimum);
    proof_read(reader->policy, &entry.line.proof, entry.proof);
    reader->day_unclear |= !entry.line.id;
    if (!entry.line.id ||
        names_declare(&reader->lines, entry.line.id, yaml_get(node, "id"), findings) < 0)
        return;
    reader->lines_read[recipient->line_count++] = entry.line;
}

/* Outlets and contacts ------------------------------------------------------------------------- */

static const struct field outlet_fields[] = {
    FIELD("id", FIELD_ID, offsetof(struct outlet, id), .required = true),
    FIELD("kind", FIELD_TEXT, offsetof(struct outlet, kind), .required = true),
    FIELD("mn", FIELD_TEXT, offsetof(struct outlet, mn)),
    FIELD("limits", FIELD_MAP, offsetof(struct outlet, limits)),
    FIELD("name", FIELD_TEXT, FIELD_NOT_STORED),
    FIELD("height_m", FIELD_MICRO, FIELD_NOT_STORED, .high = 1000 * (int64_t)MICRO, .unit = "m"),
    FIELD("note", FIELD_TEXT, FIELD_NOT_STORED),
};
static const struct schema outlet_schema = {"an outlet", "排放口", outlet_fields,
                                            COUNT(outlet_fields), false};

static void read_outlet(struct registry_reader *reader, struct recipient *recipient,
                        const struct yaml *node)
{
    struct findings *findings = reader->policy->findings;
    struct outlet outlet = {.node = node};
    schema_read(&outlet_schema, node, &outlet, findings);
    for (size_t i = 0; outlet.limits && i < outlet.limits->count; i++) {
        int64_t limit;
        schema_micro(outlet.limits->items[i], outlet.limits->keys[i]->text, 0, MICRO_MAX, NULL,
                     &limit, findings);
    }
    if (!outlet.id ||
        names_declare(&reader->outlets, outlet.id, yaml_get(node, "id"), findings) < 0)
        return;
    reader->outlets_read[recipient->outlet_count++] = outlet;
}

static const struct field contact_fields[] = {
    FIELD("name", FIELD_TEXT, offsetof(struct contact, name), .required = true),
    FIELD("phone", FIELD_TEXT, offsetof(struct contact, phone)),
    FIELD("webhook", FIELD_TEXT, offsetof(struct contact, webhook)),
    FIELD("email", FIELD_TEXT, offsetof(struct contact, email)),
};
static const struct schema contact_schema = {"a contact", "联系人", contact_fields, 4, false};

static void bad_address(const struct yaml *node, const char *hint, const char *text,
                        struct findings *findings)
{
    findings_add(findings, SEV_ERROR, "E013", yaml_place(node), hint,
                 tr("“%s” reaches nobody", "“%s”无法送达"), text);
}

/* Digits as they are written on a card: +86 (24) 2345-6789. */
static bool can_be_dialled(const char *phone)
{
    enum { DIGITS_MIN = 5, DIGITS_MAX = 20 };
    size_t digits = 0;
    for (const char *at = phone + (*phone == '+'); *at; at++) {
        if (*at >= '0' && *at <= '9')
            digits++;
        else if (!strchr(" -()", *at))
            return false;
    }
    return digits >= DIGITS_MIN && digits <= DIGITS_MAX;
}

static void check_phone(const char *phone, const struct yaml *node, struct findings *findings)
{
    if (can_be_dialled(phone) || strcmp(phone, "…") == 0)
        return;
    findings_add(findings, SEV_WARNING, "E020", yaml_place(node),
                 tr("5 to 20 digits, e.g. 024-12345678; an extension after a hyphen",
                    "应为 5 至 20 位数字，例如 024-12345678；分机号用连字符连接"),
                 tr("“%s” is no telephone number", "“%s”不是有效的电话号码"), phone);
}

void contact_check(const struct contact *contact, const struct yaml *node,
                   struct findings *findings)
{
    if (contact->phone)
        check_phone(contact->phone, yaml_get(node, "phone"), findings);
    if (contact->webhook && !str_starts(contact->webhook, "https://") &&
        !str_starts(contact->webhook, "http://"))
        bad_address(yaml_get(node, "webhook"),
                    tr("a webhook begins with https://", "webhook 以 https:// 开头"),
                    contact->webhook, findings);
    if (contact->email && !strchr(contact->email, '@') && strcmp(contact->email, "…") != 0)
        bad_address(yaml_get(node, "email"), tr("an address has an @", "邮箱地址含有 @"),
                    contact->email, findings);
}

static bool read_contact(struct registry_reader *reader, const struct yaml *node,
                         struct contact *ret_contact)
{
    struct findings *findings = reader->policy->findings;
    struct contact contact = {0};
    if (!schema_read(&contact_schema, node, &contact, findings))
        return false;
    if (!contact.phone && !contact.webhook && !contact.email)
        bad_address(node, tr("add a phone, webhook or email", "请补写 phone、webhook 或 email"),
                    contact.name, findings);
    contact_check(&contact, node, findings);
    *ret_contact = contact;
    return true;
}

static void read_contacts(struct registry_reader *reader, struct recipient *recipient,
                          const struct yaml *list)
{
    size_t count = list ? list->count : 0, kept = 0;
    struct contact *contacts = arena_alloc(&reader->scratch, count * sizeof *contacts);
    for (size_t i = 0; i < count; i++)
        kept += read_contact(reader, list->items[i], &contacts[kept]);
    recipient->contacts = shelf_put(&reader->shelf, contacts, kept * sizeof *contacts);
    recipient->contact_count = (int)kept;
}

void recipient_parts_read(struct registry_reader *reader, struct recipient *recipient,
                          const struct yaml *lines, const struct yaml *outlets,
                          const struct yaml *contacts)
{
    struct arena *arena = &reader->scratch;
    size_t line_count = lines ? lines->count : 0;
    size_t outlet_count = outlets ? outlets->count : 0;
    recipient->lines = reader->lines_read =
        arena_alloc(arena, line_count * sizeof *recipient->lines);
    recipient->outlets = reader->outlets_read =
        arena_alloc(arena, outlet_count * sizeof *recipient->outlets);
    for (size_t i = 0; i < line_count; i++)
        read_line(reader, recipient, lines->items[i]);
    for (size_t i = 0; i < outlet_count; i++)
        read_outlet(reader, recipient, outlets->items[i]);
    read_contacts(reader, recipient, contacts);
}

/* ---------------------------------------------------------------------------------------------- */

/* The trees of the parts are in the entry's; to keep one again finds it there. */
static void settle_parts(struct registry_reader *reader, struct recipient *recipient)
{
    for (int i = 0; i < recipient->line_count; i++)
        reader->lines_read[i].node = yaml_keep(&reader->shelf, reader->lines_read[i].node);
    for (int i = 0; i < recipient->outlet_count; i++) {
        struct outlet *outlet = &reader->outlets_read[i];
        outlet->node = yaml_keep(&reader->shelf, outlet->node);
        if (outlet->limits)
            outlet->limits = yaml_get(outlet->node, "limits");
    }
    recipient->lines = shelf_put(&reader->shelf, reader->lines_read,
                                 (size_t)recipient->line_count * sizeof *recipient->lines);
    recipient->outlets = shelf_put(&reader->shelf, reader->outlets_read,
                                   (size_t)recipient->outlet_count * sizeof *recipient->outlets);
}

void recipient_settle(struct registry_reader *reader, struct recipient *recipient)
{
    recipient->at = yaml_place(recipient->node);
    recipient->node = yaml_keep(&reader->shelf, recipient->node);
    settle_parts(reader, recipient);
}
