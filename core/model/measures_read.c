/* measures.yaml and inventory.yaml: what can be ordered, and what the shares are shares of. */
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/policy_reader.h"
#include "model/schema.h"
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {"stop", "limit", "ban", "other", NULL};
static const char *const scopes[] = {"all", "so2", "nox", "pm", "vocs", NULL};
static const char *const slots[] = {"lines", "percent", "stage", "basis", "from", "to"};

struct measure_entry {
    struct measure measure;
    int kind;
    const struct yaml *evidence;
};
#define MEASURE(member) offsetof(struct measure_entry, measure.member)
static const struct field measure_fields[] = {
    FIELD("kind", FIELD_WORD, offsetof(struct measure_entry, kind), .required = true,
          .words = kinds),
    FIELD("text", FIELD_TEXT, MEASURE(text), .required = true),
    FIELD("proof", FIELD_TEXT, MEASURE(proof)),
    FIELD("reversible", FIELD_BOOL, FIELD_NOT_STORED),
    FIELD("scope", FIELD_ONE_OF, MEASURE(scope), .words = scopes),
    FIELD("evidence", FIELD_MAP, offsetof(struct measure_entry, evidence)),
    FIELD("title", FIELD_TEXT, FIELD_NOT_STORED),
    FIELD("basis", FIELD_TEXT, FIELD_NOT_STORED),
    FIELD("note", FIELD_TEXT, FIELD_NOT_STORED),
};
static const struct schema measure_schema = {"a measure", "措施", measure_fields,
                                             sizeof measure_fields / sizeof *measure_fields, false};

static void unknown_slot(struct policy_reader *reader, const struct yaml *text, const char *slot)
{
    size_t count = sizeof slots / sizeof *slots;
    const char *near = str_nearest(slot, slots, count);
    char *all = str_join(slots, count, "} {");
    char *hint = near ? xasprintf(tr("did you mean {%s}?", "是否想写 {%s}？"), near)
                      : xasprintf(tr("known: {%s}", "可用：{%s}"), all);
    findings_add(reader->findings, SEV_ERROR, "M001", yaml_place(text), hint,
                 tr("the text has an unknown slot {%s}", "文本中有未知的占位符 {%s}"), slot);
    free(all);
    free(hint);
}

static bool known_slot(const char *slot)
{
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) {
        if (strcmp(slots[i], slot) == 0)
            return true;
    }
    return false;
}

static void check_slots(struct policy_reader *reader, const struct yaml *text)
{
    const char *at = text->text;
    while ((at = strchr(at, '{')) != NULL) {
        size_t size = strcspn(++at, "{}");
        char *slot = xstrndup(at, size);
        if (at[size] != '}')
            findings_add(reader->findings, SEV_ERROR, "M001", yaml_place(text), NULL,
                         tr("a brace is not closed: {%.40s", "花括号没有闭合：{%.40s"), slot);
        else if (!known_slot(slot))
            unknown_slot(reader, text, slot);
        free(slot);
        at += size;
    }
}

/* An order to limit that does not say by how much cannot be obeyed. */
static void check_text(struct policy_reader *reader, const struct measure_entry *entry,
                       const struct yaml *node)
{
    const struct yaml *text = yaml_get(node, "text");
    check_slots(reader, text);
    if (entry->kind == MEASURE_LIMIT && !strstr(text->text, "{percent}"))
        findings_add(
            reader->findings, SEV_ERROR, "M002", yaml_place(text),
            tr("e.g. {lines}限产{percent}%（{basis}）", "例如 {lines}限产{percent}%（{basis}）"),
            tr("the text of a limit must say {percent}", "限产措施的文本必须含有 {percent}"));
}

struct measures_file {
    const struct yaml *measures;
};
static const struct field file_fields[] = {
    FIELD("measures", FIELD_MAP, offsetof(struct measures_file, measures), .required = true),
};
static const struct schema file_schema = {"measures.yaml", "measures.yaml ", file_fields, 1, false};

void measures_read(struct policy_reader *reader, const struct yaml *root)
{
    struct measures_file file = {0};
    if (!schema_read(&file_schema, root, &file, reader->findings))
        return;
    struct registry *registry = &reader->policy->registry;
    registry->measures =
        arena_alloc(reader->arena, file.measures->count * sizeof *registry->measures);
    for (size_t i = 0; i < file.measures->count; i++) {
        const struct yaml *key = file.measures->keys[i], *node = file.measures->items[i];
        struct measure_entry entry = {.measure = {.id = key->text, .scope = "all"}};
        if (names_find(&reader->measures, key->text) < 0) /* twice: said when the file was parsed */
            names_declare(&reader->measures, key->text, key, reader->findings);
        bool good = schema_read(&measure_schema, node, &entry, reader->findings);
        entry.measure.kind = (enum measure_kind)entry.kind;
        if (entry.evidence)
            entry.measure.evidence = evidence_of_measure(reader, entry.evidence);
        if (good)
            check_text(reader, &entry, node);
        registry->measures[registry->measure_count++] = entry.measure;
    }
}

/* Inventory ------------------------------------------------------------------------------------ */

#define EMISSION_MAX (1000000 * (int64_t)MICRO) /* t/d: a slip of the unit, not a city */
static const struct field emission_fields[] = {
    FIELD("so2", FIELD_MICRO, 0 * sizeof(micro), .required = true, .high = EMISSION_MAX,
          .unit = "t/d"),
    FIELD("nox", FIELD_MICRO, 1 * sizeof(micro), .required = true, .high = EMISSION_MAX,
          .unit = "t/d"),
    FIELD("pm", FIELD_MICRO, 2 * sizeof(micro), .required = true, .high = EMISSION_MAX,
          .unit = "t/d"),
    FIELD("vocs", FIELD_MICRO, 3 * sizeof(micro), .required = true, .high = EMISSION_MAX,
          .unit = "t/d"),
};
static const struct schema sector_schema = {"a sector of the inventory", "部门排放量",
                                            emission_fields, EMISSIONS, false};

struct inventory_file {
    const struct yaml *day, *sectors[4];
    int64_t valid_from;
};
#define SECTOR(number) offsetof(struct inventory_file, sectors[number])
static const struct field sector_fields[] = {
    FIELD("industry", FIELD_MAP, SECTOR(0), .required = true),
    FIELD("mobile", FIELD_MAP, SECTOR(1), .required = true),
    FIELD("dust", FIELD_MAP, SECTOR(2), .required = true),
    FIELD("other", FIELD_MAP, SECTOR(3), .required = true),
};
static const struct schema day_schema = {"the inventory's “day”", "清单的 day ", sector_fields, 4,
                                         false};
static const struct field inventory_fields[] = {
    FIELD("day", FIELD_MAP, offsetof(struct inventory_file, day), .required = true),
    FIELD("valid_from", FIELD_DATE, offsetof(struct inventory_file, valid_from)),
    FIELD("source", FIELD_TEXT, FIELD_NOT_STORED),
    FIELD("note", FIELD_TEXT, FIELD_NOT_STORED),
};
static const struct schema inventory_schema = {"inventory.yaml", "inventory.yaml ",
                                               inventory_fields, 4, false};

void inventory_read(struct policy_reader *reader, const struct yaml *root)
{
    struct inventory *inventory = &reader->policy->inventory;
    struct inventory_file file = {0};
    if (!schema_read(&inventory_schema, root, &file, reader->findings) ||
        !schema_read(&day_schema, file.day, &file, reader->findings))
        return;
    for (int sector = 0; sector < 4; sector++)
        schema_read(&sector_schema, file.sectors[sector], inventory->sector[sector],
                    reader->findings);
    for (int emission = 0; emission < EMISSIONS; emission++) {
        for (int sector = 0; sector < 4; sector++)
            inventory->total[emission] += inventory->sector[sector][emission];
        if (inventory->total[emission] == 0)
            findings_add(reader->findings, SEV_WARNING, "M004", yaml_place(file.day),
                         tr("a share of nothing cannot be shown", "分母为零，无法计算减排比例"),
                         tr("the city emits no %s at all", "全市 %s 排放量为零"),
                         emission_label((enum emission)emission));
    }
}
