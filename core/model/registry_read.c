/* registry/(any).yaml into recipients.
 *
 * Each file is a list of entries; an entry without `kind` is an enterprise.  The entries of all
 * files go into one array, sorted by id at the end, so that a recipient's number does not depend on
 * how staff split the files.
 *
 * An entry is read as soon as its tree is whole, because the tree of a city's list has twenty times
 * the bytes of what is kept of it.  But a file that breaks off further down must not be read at
 * all, and that is known only at its end: then everything is read once more without it.  So what is
 * found on the way is told only when all has been read. */
#include "base/lang.h"
#include "base/xalloc.h"
#include "model/bundle.h"
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
        reader->first_without_contact = yaml_place(node);
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

static void add(struct registry_reader *reader, const struct recipient *recipient)
{
    struct registry *registry = &reader->policy->policy->registry;
    void *recipients = registry->recipients;
    xgrow(&recipients, registry->count, &reader->capacity, sizeof *registry->recipients);
    registry->recipients = recipients;
    registry->lines += (size_t)recipient->line_count;
    registry->outlets += (size_t)recipient->outlet_count;
    registry->recipients[registry->count++] = *recipient;
}

static void check_proofs(struct registry_reader *reader, const struct recipient *recipient)
{
    proof_check(reader->policy, &recipient->proof, recipient->node);
    for (int i = 0; i < recipient->line_count; i++)
        proof_check(reader->policy, &recipient->lines[i].proof, recipient->lines[i].node);
}

/* The text arrays of an entry are few words in few combinations. */
static void read_emits(struct registry_reader *reader, struct recipient *recipient,
                       const struct yaml *emits)
{
    const char *const *items;
    schema_texts(&reader->scratch, emits, &items, &recipient->emit_count);
    recipient->emits =
        shelf_put(&reader->shelf, items, (size_t)recipient->emit_count * sizeof *items);
}

static void read_entry(struct registry_reader *reader, const struct yaml *node)
{
    struct policy_reader *policy = reader->policy;
    struct entry entry = {.recipient = {.node = node}, .grade = GRADE_NONE};
    struct recipient *recipient = &entry.recipient;
    int kind;
    if (!entry_kind(reader, node, &kind)) {
        policy->recipients.incomplete = true;
        return;
    }
    recipient->kind = (enum recipient_kind)kind;
    reader->day_unclear = reader->duties_unclear = false;
    arena_reset(&reader->scratch);
    names_tell(&reader->lines, policy->findings); /* of the entry before */
    names_release(&reader->lines);
    names_release(&reader->outlets);
    schema_read(&entry_schemas[recipient->kind], node, &entry, policy->findings);
    proof_read(policy, &recipient->proof, entry.proof);
    recipient->grade = (enum grade)entry.grade;
    recipient->supply = (enum supply_class)entry.supply;
    emissions_read(reader, yaml_get(node, "day"), recipient->day);
    recipient_parts_read(reader, recipient, entry.lines, entry.outlets, entry.contacts);
    read_emits(reader, recipient, entry.emits);
    duties_read(reader, recipient, entry.measures);
    check_references(reader, recipient);
    if (recipient->contact_count == 0)
        note_no_contact(reader, node);
    policy->recipients.incomplete |= !recipient->id;
    if (!recipient->id || names_declare(&policy->recipients, recipient->id, yaml_get(node, "id"),
                                        policy->findings) < 0)
        return;
    recipient_check(reader, recipient);
    check_proofs(reader, recipient);
    recipient_settle(reader, recipient);
    add(reader, recipient);
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct recipient *)a)->id, ((const struct recipient *)b)->id);
}

/* One finding instead of one for each measure. */
static void no_measures_file(struct registry_reader *reader)
{
    findings_add(
        reader->policy->findings, SEV_ERROR, "M005", reader->first_with_measures,
        tr("add measures.yaml: the catalogue of measures", "请补充 measures.yaml（措施目录）"),
        tr("the registry has measures, but there is no measures.yaml",
           "清单列有措施，却没有 measures.yaml"));
}

static void summarise(struct registry_reader *reader)
{
    struct findings *findings = reader->policy->findings;
    const struct policy *policy = reader->policy->policy;
    if (reader->without_contact > 0)
        findings_add(findings, SEV_WARNING, "E012", reader->first_without_contact,
                     tr("their orders can be printed, not sent", "其指令只能打印，无法发送"),
                     tr("%zu of %zu entries have no contact; this is the first",
                        "共有 %zu 条（总计 %zu 条）没有联系人，此为第一条"),
                     reader->without_contact, policy->registry.count);
    if (reader->first_with_measures.file && !reader->policy->has_measures)
        no_measures_file(reader);
    bool asked = false;
    for (size_t i = 0; i < policy->level_count; i++)
        asked |= policy->levels[i].share_percent > 0;
    if (asked && reader->first_with_measures.file && !reader->policy->has_inventory)
        findings_add(findings, SEV_WARNING, "M003", reader->first_with_measures,
                     tr("add inventory.yaml: the city's emissions by sector, t/d",
                        "请补充 inventory.yaml：全市分部门排放量（t/d）"),
                     tr("the levels ask for shares, but there is no inventory to take them of",
                        "各级别要求减排比例，却没有可作分母的排放清单"));
}

/* Files ---------------------------------------------------------------------------------------- */

static void take_entry(void *arg, const struct yaml *node)
{
    read_entry(arg, node);
}

static void pass_over(void *arg, const struct yaml *node)
{
    (void)arg;
    (void)node;
}

/* False when the file cannot be parsed: what was taken of it must not count. */
static bool read_file(struct registry_reader *reader, const struct bundle_text *text,
                      bool is_broken, struct findings *syntax)
{
    struct arena arena = {0};
    struct yaml_items items = {is_broken ? pass_over : take_entry, reader, &reader->shelf};
    const struct yaml *root =
        yaml_read_items(&arena, text->shown, text->data, text->size, &items, syntax);
    if (root && root->count > 0)
        schema_is_list(root, "registry", reader->policy->findings);
    bool good = root != NULL;
    arena_release(&arena);
    return good;
}

/* All files but the broken ones, of which only the syntax is looked at.  False, with one more of
 * them marked, when it must be done again. */
static bool read_files(struct registry_reader *reader, const struct bundle_text *texts,
                       size_t count, bool *broken, struct findings *syntax)
{
    for (size_t i = 0; i < count; i++) {
        bool good = read_file(reader, &texts[i], broken[i], syntax);
        if (good || broken[i])
            continue;
        broken[i] = true;
        return false;
    }
    return true;
}

static void reader_release(struct registry_reader *reader)
{
    shelf_release(&reader->shelf);
    names_release(&reader->codes);
    names_release(&reader->lines);
    names_release(&reader->outlets);
    arena_release(&reader->scratch);
}

/* What entries refer to, and other files too. */
static void each_names(struct policy_reader *policy, void (*each)(struct names *names))
{
    struct names *all[] = {&policy->levels,    &policy->documents, &policy->measures,
                           &policy->districts, &policy->parks,     &policy->industries};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        each(all[i]);
}

static void begin_again(struct policy_reader *policy)
{
    each_names(policy, names_rewind);
    free(policy->policy->registry.recipients);
    names_release(&policy->recipients);
    findings_release(&policy->proof_findings);
    struct registry *registry = &policy->policy->registry;
    *registry =
        (struct registry){.measures = registry->measures, .measure_count = registry->measure_count};
}

/* What was found of the syntax comes first, as if all had been parsed before any was read. */
static bool try_all(struct policy_reader *policy, const struct bundle_text *texts, size_t count,
                    bool *broken)
{
    struct registry *registry = &policy->policy->registry;
    struct findings *told = policy->findings, syntax = {0}, found = {0};
    struct registry_reader reader = {
        .policy = policy,
        .codes = {.english = "credit code", .chinese = "统一社会信用代码"},
        .lines = {.english = "line", .chinese = "生产线"},
        .outlets = {.english = "outlet", .chinese = "排放口"},
    };
    policy->findings = &found;
    shelf_init(&reader.shelf, policy->arena);
    bool done = read_files(&reader, texts, count, broken, &syntax);
    if (done && registry->count > 0)
        qsort(registry->recipients, registry->count, sizeof *registry->recipients, by_id);
    if (done)
        summarise(&reader);
    names_tell(&reader.lines, &found);
    policy->findings = told;
    if (done) {
        findings_join(told, &syntax);
        findings_join(told, &found);
    }
    findings_release(&syntax);
    findings_release(&found);
    reader_release(&reader);
    return done;
}

void registry_read(struct policy_reader *policy, const struct bundle_text *texts, size_t count)
{
    bool incomplete = policy->recipients.incomplete;
    bool *broken = xcalloc(count + 1, sizeof *broken);
    each_names(policy, names_mark);
    while (!try_all(policy, texts, count, broken))
        begin_again(policy);
    for (size_t i = 0; i < count; i++)
        incomplete |= broken[i];
    policy->recipients.incomplete |= incomplete;
    free(broken);
}

void registry_look(struct policy_reader *policy, const struct bundle_text *texts, size_t count)
{
    struct arena arena = {0};
    struct shelf shelf;
    shelf_init(&shelf, &arena);
    struct yaml_items items = {pass_over, NULL, &shelf};
    for (size_t i = 0; i < count; i++)
        yaml_read_items(&arena, texts[i].shown, texts[i].data, texts[i].size, &items,
                        policy->findings);
    shelf_release(&shelf);
    arena_release(&arena);
}
