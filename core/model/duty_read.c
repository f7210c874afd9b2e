/* `measures:` of a registry entry: level → what to do.
 *
 * A duty is read together with its measure, because the measure's kind decides which figures it
 * needs: a limit its percent, a ban with {stage} its stage.  What an order could not say is refused
 * here, when the list is checked, and not at night when it is sent. */
#include "base/lang.h"
#include "model/registry_reader.h"
#include "model/schema.h"
#include <string.h>

struct duty_entry {
    struct duty duty;
    const char *measure;
    const struct yaml *lines, *cut;
};
#define ENTRY(member) offsetof(struct duty_entry, member)
static const struct field duty_fields[] = {
    FIELD("do", FIELD_TEXT, ENTRY(measure), .required = true),
    FIELD("lines", FIELD_TEXTS, ENTRY(lines), .low = 1),
    FIELD("percent", FIELD_INT, ENTRY(duty.percent), .low = 1, .high = 99, .unit = "%"),
    FIELD("basis", FIELD_TEXT, ENTRY(duty.basis)),
    FIELD("stage_at_most", FIELD_INT, ENTRY(duty.stage_at_most), .low = 1, .high = 9),
    FIELD("cut", FIELD_MAP, ENTRY(cut)),
    FIELD("note", FIELD_TEXT, FIELD_NOT_STORED),
};
static const struct schema duty_schema = {"a measure", "措施", duty_fields,
                                          sizeof duty_fields / sizeof *duty_fields, false};

static void refuse(struct registry_reader *reader, const struct yaml *node, const char *key,
                   const struct measure *measure)
{
    const struct yaml *value = yaml_get(node, key);
    if (value)
        findings_add(reader->policy->findings, SEV_ERROR, "E007", yaml_place(value), NULL,
                     tr("“%s” does not go with the measure “%s”", "“%s”不适用于措施“%s”"), key,
                     measure->id);
}

static void need(struct registry_reader *reader, const struct yaml *node, const char *key,
                 const struct measure *measure)
{
    if (!yaml_get(node, key))
        findings_add(reader->policy->findings, SEV_ERROR, "E006", yaml_place(node), NULL,
                     tr("the measure “%2$s” needs “%1$s”", "措施“%2$s”必须写明“%1$s”"), key,
                     measure->id);
}

static void check_figures(struct registry_reader *reader, const struct recipient *recipient,
                          const struct measure *measure, const struct yaml *node)
{
    if (measure->kind == MEASURE_LIMIT)
        need(reader, node, "percent", measure);
    else if (!strstr(measure->text, "{percent}"))
        refuse(reader, node, "percent", measure);
    if (strstr(measure->text, "{stage}"))
        need(reader, node, "stage_at_most", measure);
    else if (measure->kind != MEASURE_BAN)
        refuse(reader, node, "stage_at_most", measure);
    bool by_line = measure->kind == MEASURE_STOP || measure->kind == MEASURE_LIMIT;
    if (recipient->kind == RECIPIENT_ENTERPRISE && by_line)
        refuse(reader, node, "cut", measure); /* its lines say what is saved */
}

static void read_lines(struct registry_reader *reader, struct duty *duty, const struct yaml *lines)
{
    int *numbers = arena_alloc(&reader->scratch, lines->count * sizeof *numbers);
    for (size_t i = 0; i < lines->count; i++) {
        const struct yaml *item = lines->items[i];
        int line = names_refer(&reader->lines, item->text, item, reader->policy->findings);
        if (line >= 0)
            numbers[duty->line_count++] = line;
    }
    duty->lines = shelf_put(&reader->shelf, numbers, (size_t)duty->line_count * sizeof *numbers);
}

static bool read_duty(struct registry_reader *reader, const struct recipient *recipient,
                      const struct yaml *node, struct duty *ret_duty)
{
    struct policy_reader *policy = reader->policy;
    struct duty_entry entry = {0};
    bool good = schema_read(&duty_schema, node, &entry, policy->findings);
    if (entry.cut)
        good &= schema_read(&emissions_schema, entry.cut, entry.duty.cut, policy->findings);
    if (entry.lines)
        read_lines(reader, &entry.duty, entry.lines);
    if (!entry.measure ||
        names_refer(&policy->measures, entry.measure, yaml_get(node, "do"), policy->findings) < 0)
        return false;
    entry.duty.measure = registry_measure(&policy->policy->registry, entry.measure);
    if (!entry.duty.measure)
        return false;
    if (good && entry.duty.measure->text)
        check_figures(reader, recipient, entry.duty.measure, node);
    *ret_duty = entry.duty;
    return true;
}

struct ladder {
    const struct duty **duties; /* by level */
    int *counts;
};

static void read_level(struct registry_reader *reader, const struct recipient *recipient,
                       struct ladder *ladder, const struct yaml *key, const struct yaml *list)
{
    struct policy_reader *policy = reader->policy;
    int level = names_refer(&policy->levels, key->text, key, policy->findings);
    if (!schema_is_list(list, key->text, policy->findings))
        return;
    if (list->count > 0 && !reader->first_with_measures.file)
        reader->first_with_measures = yaml_place(list);
    struct duty *duties = arena_alloc(&reader->scratch, list->count * sizeof *duties);
    const struct yaml **nodes = arena_alloc(&reader->scratch, list->count * sizeof *nodes);
    int count = 0;
    for (size_t i = 0; i < list->count; i++) {
        nodes[count] = list->items[i];
        count += read_duty(reader, recipient, list->items[i], &duties[count]);
    }
    if (level < 0 || (size_t)level >= policy->policy->level_count)
        return;
    reader->duty_nodes[level] = nodes;
    ladder->duties[level] = shelf_put(&reader->shelf, duties, (size_t)count * sizeof *duties);
    ladder->counts[level] = count;
}

void duties_read(struct registry_reader *reader, struct recipient *recipient,
                 const struct yaml *measures)
{
    struct policy_reader *policy = reader->policy;
    size_t levels = policy->policy->level_count, errors = policy->findings->errors;
    struct ladder ladder = {arena_alloc(&reader->scratch, levels * sizeof *ladder.duties),
                            arena_alloc(&reader->scratch, levels * sizeof *ladder.counts)};
    reader->duty_nodes = arena_alloc(&reader->scratch, levels * sizeof *reader->duty_nodes);
    for (size_t i = 0; measures && i < measures->count; i++)
        read_level(reader, recipient, &ladder, measures->keys[i], measures->items[i]);
    recipient->duties = shelf_put(&reader->shelf, ladder.duties, levels * sizeof *ladder.duties);
    recipient->duty_counts =
        shelf_put(&reader->shelf, ladder.counts, levels * sizeof *ladder.counts);
    reader->duties_unclear = policy->findings->errors > errors;
}
