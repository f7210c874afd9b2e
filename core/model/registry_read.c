/* registry/(any).yaml into recipients.
 *
 * Each file is a list of entries; an entry without `kind` is an enterprise.  The entries of all
 * files go into one array, sorted by id at the end, so that a recipient's number does not depend on
 * how staff split the files. */
#include "base/lang.h"
#include "model/registry_reader.h"
#include "model/schema.h"
#include "model/schema_value.h"
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {"enterprise", "site", "fleet", "office", NULL};
static const char *const grades[] = {"A+", "A",       "B",           "B-", "C",
                                     "D",  "leading", "non_leading", NULL};
static const char *const classes[] = {"normal", "guaranteed", "small", "long_stopped", NULL};
static const char *const emissions[] = {"so2", "nox", "pm", "vocs", NULL};
static const char *const roles[] = {"district", "enforcement", "grid",    "park", "city",
                                    "traffic",  "housing",     "weather", NULL};

struct entry {
    struct recipient recipient;
    int grade, supply;
    const struct yaml *emits, *lines, *outlets, *measures, *contacts, *proof;
};
#define RECIPIENT(member) offsetof(struct entry, recipient.member)
#define NODE(member) offsetof(struct entry, member)
#define COMMON_FIELDS                                                                              \
    FIELD("kind", FIELD_WORD, FIELD_NOT_STORED, .words = kinds),                                   \
        FIELD("id", FIELD_ID, RECIPIENT(id), .required = true),                                    \
        FIELD("name", FIELD_TEXT, RECIPIENT(name), .required = true),                              \
        FIELD("district", FIELD_TEXT, RECIPIENT(district), .required = true),                      \
        FIELD("contacts", FIELD_LIST, NODE(contacts)),                                             \
        FIELD("lon", FIELD_MICRO, FIELD_NOT_STORED, .low = -180 * (int64_t)MICRO,                  \
              .high = 180 * (int64_t)MICRO, .unit = "°"),                                          \
        FIELD("lat", FIELD_MICRO, FIELD_NOT_STORED, .low = -90 * (int64_t)MICRO,                   \
              .high = 90 * (int64_t)MICRO, .unit = "°"),                                           \
        FIELD("town", FIELD_TEXT, FIELD_NOT_STORED),                                               \
        FIELD("address", FIELD_TEXT, FIELD_NOT_STORED),                                            \
        FIELD("cell", FIELD_TEXT, FIELD_NOT_STORED), FIELD("group", FIELD_TEXT, FIELD_NOT_STORED), \
        FIELD("valid_from", FIELD_DATE, FIELD_NOT_STORED),                                         \
        FIELD("note", FIELD_TEXT, FIELD_NOT_STORED)
#define SOURCE_FIELDS                                                                          \
    FIELD("credit_code", FIELD_TEXT, RECIPIENT(credit_code)),                                  \
        FIELD("park", FIELD_TEXT, RECIPIENT(park)), FIELD("day", FIELD_MAP, FIELD_NOT_STORED), \
        FIELD("measures", FIELD_MAP, NODE(measures)), FIELD("proof", FIELD_MAP, NODE(proof)),  \
        FIELD("emits", FIELD_TEXTS, NODE(emits), .words = emissions)

static const struct field enterprise_fields[] = {
    COMMON_FIELDS,
    SOURCE_FIELDS,
    FIELD("industry", FIELD_TEXT, RECIPIENT(industry), .required = true),
    FIELD("grade", FIELD_WORD, NODE(grade), .words = grades),
    FIELD("class", FIELD_WORD, NODE(supply), .words = classes),
    FIELD("lines", FIELD_LIST, NODE(lines)),
    FIELD("outlets", FIELD_LIST, NODE(outlets)),
    FIELD("permit", FIELD_TEXT, FIELD_NOT_STORED),
    FIELD("products", FIELD_TEXT, FIELD_NOT_STORED),
    FIELD("limits", FIELD_MAP, FIELD_NOT_STORED),
};
static const struct field site_fields[] = {
    COMMON_FIELDS,
    SOURCE_FIELDS,
    FIELD("type", FIELD_TEXT, FIELD_NOT_STORED),
    FIELD("phase", FIELD_TEXT, FIELD_NOT_STORED),
    FIELD("livelihood", FIELD_BOOL, FIELD_NOT_STORED),
    FIELD("area_m2", FIELD_MICRO, FIELD_NOT_STORED, .high = MICRO_MAX, .unit = "m²"),
    FIELD("builder", FIELD_TEXT, FIELD_NOT_STORED),
    FIELD("supervisor", FIELD_TEXT, FIELD_NOT_STORED),
};
static const struct field fleet_fields[] = {
    COMMON_FIELDS,
    SOURCE_FIELDS,
    FIELD("type", FIELD_TEXT, FIELD_NOT_STORED),
    FIELD("vehicles_day", FIELD_INT, FIELD_NOT_STORED, .high = 1000000),
    FIELD("stages", FIELD_NODE, FIELD_NOT_STORED),
};
static const struct field office_fields[] = {
    COMMON_FIELDS,
    FIELD("park", FIELD_TEXT, RECIPIENT(park)),
    FIELD("role", FIELD_WORD, FIELD_NOT_STORED, .required = true, .words = roles),
};
#define COUNT(array) (sizeof(array) / sizeof *(array))
static const struct schema entry_schemas[] = {
    [RECIPIENT_ENTERPRISE] = {"an enterprise", "企业", enterprise_fields, COUNT(enterprise_fields),
                              false},
    [RECIPIENT_SITE] = {"a site", "工地（扬尘源）", site_fields, COUNT(site_fields), false},
    [RECIPIENT_FLEET] = {"a fleet", "用车大户", fleet_fields, COUNT(fleet_fields), false},
    [RECIPIENT_OFFICE] = {"an office", "值守单位", office_fields, COUNT(office_fields), false},
};

/* Entries -------------------------------------------------------------------------------------- */

static void check_references(struct registry_reader *reader, const struct recipient *recipient)
{
    struct policy_reader *policy = reader->policy;
    policy_refer_district(policy, yaml_get(recipient->node, "district"));
    if (recipient->park && policy->has_parks)
        names_refer(&policy->parks, recipient->park, yaml_get(recipient->node, "park"),
                    policy->findings);
    if (recipient->industry && policy->has_industries)
        names_refer(&policy->industries, recipient->industry, yaml_get(recipient->node, "industry"),
                    policy->findings);
}

static void note_no_contact(struct registry_reader *reader, const struct yaml *node)
{
    if (reader->without_contact++ == 0)
        reader->first_without_contact = node;
}

/* `kind` decides which keys there are: while it is unclear, nothing can be said of the rest. */
static bool entry_kind(struct registry_reader *reader, const struct yaml *node, int *ret_kind)
{
    static const struct field field = FIELD("kind", FIELD_WORD, 0, .words = kinds);
    const struct yaml *kind = yaml_get(node, "kind");
    *ret_kind = RECIPIENT_ENTERPRISE;
    if (!schema_is_map(node, tr("an entry", "条目"), reader->policy->findings))
        return false;
    return !kind || schema_value(&field, kind, ret_kind, reader->policy->findings);
}

static void read_entry(struct registry_reader *reader, const struct yaml *node)
{
    struct policy_reader *policy = reader->policy;
    struct registry *registry = &policy->policy->registry;
    struct entry entry = {.recipient = {.node = node}, .grade = GRADE_NONE};
    struct recipient *recipient = &entry.recipient;
    int kind;
    if (!entry_kind(reader, node, &kind)) {
        policy->recipients.incomplete = true;
        return;
    }
    recipient->kind = (enum recipient_kind)kind;
    reader->day_unclear = reader->duties_unclear = false;
    names_release(&reader->lines);
    names_release(&reader->outlets);
    schema_read(&entry_schemas[recipient->kind], node, &entry, policy->findings);
    proof_read(policy, &recipient->proof, entry.proof);
    recipient->grade = (enum grade)entry.grade;
    recipient->supply = (enum supply_class)entry.supply;
    emissions_read(reader, yaml_get(node, "day"), recipient->day);
    recipient_parts_read(reader, recipient, entry.lines, entry.outlets, entry.contacts);
    schema_texts(policy->arena, entry.emits, &recipient->emits, &recipient->emit_count);
    duties_read(reader, recipient, entry.measures);
    check_references(reader, recipient);
    if (recipient->contact_count == 0)
        note_no_contact(reader, node);
    policy->recipients.incomplete |= !recipient->id;
    if (!recipient->id || names_declare(&policy->recipients, recipient->id, yaml_get(node, "id"),
                                        policy->findings) < 0)
        return;
    recipient_check(reader, recipient);
    registry->lines += (size_t)recipient->line_count;
    registry->outlets += (size_t)recipient->outlet_count;
    registry->recipients[registry->count++] = *recipient;
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct recipient *)a)->id, ((const struct recipient *)b)->id);
}

/* One finding instead of one for each measure. */
static void no_measures_file(struct registry_reader *reader)
{
    findings_add(
        reader->policy->findings, SEV_ERROR, "M005", yaml_place(reader->first_with_measures),
        tr("add measures.yaml: the catalogue of measures", "请补充 measures.yaml（措施目录）"),
        tr("the registry has measures, but there is no measures.yaml",
           "清单列有措施，却没有 measures.yaml"));
}

static void summarise(struct registry_reader *reader)
{
    struct findings *findings = reader->policy->findings;
    const struct policy *policy = reader->policy->policy;
    if (reader->without_contact > 0)
        findings_add(findings, SEV_WARNING, "E012", yaml_place(reader->first_without_contact),
                     tr("their orders can be printed, not sent", "其指令只能打印，无法发送"),
                     tr("%zu of %zu entries have no contact; this is the first",
                        "共有 %zu 条（总计 %zu 条）没有联系人，此为第一条"),
                     reader->without_contact, policy->registry.count);
    if (reader->first_with_measures && !reader->policy->has_measures)
        no_measures_file(reader);
    bool asked = false;
    for (size_t i = 0; i < policy->level_count; i++)
        asked |= policy->levels[i].share_percent > 0;
    if (asked && reader->first_with_measures && !reader->policy->has_inventory)
        findings_add(findings, SEV_WARNING, "M003", yaml_place(reader->first_with_measures),
                     tr("add inventory.yaml: the city's emissions by sector, t/d",
                        "请补充 inventory.yaml：全市分部门排放量（t/d）"),
                     tr("the levels ask for shares, but there is no inventory to take them of",
                        "各级别要求减排比例，却没有可作分母的排放清单"));
}

void registry_read(struct policy_reader *policy, const struct yaml *const *roots, size_t count)
{
    struct registry *registry = &policy->policy->registry;
    struct registry_reader reader = {
        .policy = policy,
        .codes = {.english = "credit code", .chinese = "统一社会信用代码"},
        .lines = {.english = "line", .chinese = "生产线"},
        .outlets = {.english = "outlet", .chinese = "排放口"},
    };
    size_t entries = 0;
    for (size_t i = 0; i < count; i++)
        entries += roots[i]->count;
    registry->recipients = arena_alloc(policy->arena, entries * sizeof *registry->recipients);
    for (size_t i = 0; i < count; i++) {
        if (roots[i]->count == 0 || !schema_is_list(roots[i], "registry", policy->findings))
            continue;
        for (size_t k = 0; k < roots[i]->count; k++)
            read_entry(&reader, roots[i]->items[k]);
    }
    qsort(registry->recipients, registry->count, sizeof *registry->recipients, by_id);
    summarise(&reader);
    names_release(&reader.codes);
    names_release(&reader.lines);
    names_release(&reader.outlets);
}
