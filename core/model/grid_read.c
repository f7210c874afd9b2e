/* grid.yaml: the patrol grid 县 乡 村 组.
 *
 * Each cell but the county's stands in one of the next wider level, so that a task can always be
 * passed up. */
#include "base/lang.h"
#include "model/policy_reader.h"
#include "model/schema.h"
#include <string.h>

static const char *const levels[] = {"group", "village", "town", "county", NULL};

struct cell_entry {
    struct grid_cell cell;
    micro lon, lat;
    const char *parent;
};
#define CELL(member) offsetof(struct cell_entry, cell.member)
static const struct field cell_fields[] = {
    FIELD("id", FIELD_ID, CELL(id), .required = true),
    FIELD("name", FIELD_TEXT, CELL(name), .required = true),
    FIELD("level", FIELD_ONE_OF, CELL(level), .required = true, .words = levels),
    FIELD("parent", FIELD_TEXT, offsetof(struct cell_entry, parent)),
    FIELD("lon", FIELD_MICRO, offsetof(struct cell_entry, lon), .required = true,
          .low = -180 * (int64_t)MICRO, .high = 180 * (int64_t)MICRO, .unit = "°"),
    FIELD("lat", FIELD_MICRO, offsetof(struct cell_entry, lat), .required = true,
          .low = -90 * (int64_t)MICRO, .high = 90 * (int64_t)MICRO, .unit = "°"),
    FIELD("office", FIELD_TEXT, CELL(office)),
    FIELD("note", FIELD_TEXT, FIELD_NOT_STORED),
};
static const struct schema cell_schema = {"a grid cell", "网格", cell_fields,
                                          sizeof cell_fields / sizeof *cell_fields, false};

struct grid_file {
    const struct yaml *cells;
};
static const struct field file_fields[] = {
    FIELD("cells", FIELD_LIST, offsetof(struct grid_file, cells), .required = true),
};
static const struct schema file_schema = {"grid.yaml", "grid.yaml ", file_fields, 1, false};

static void check_office(struct policy_reader *reader, const struct grid_cell *cell,
                         const struct yaml *node)
{
    const struct yaml *office = yaml_get(node, "office");
    if (!cell->office ||
        names_refer(&reader->recipients, cell->office, office, reader->findings) < 0)
        return;
    const struct registry *registry = &reader->policy->registry;
    int number = registry_find(registry, cell->office);
    if (number >= 0 && registry->recipients[number].kind != RECIPIENT_OFFICE)
        findings_add(reader->findings, SEV_ERROR, "G001", yaml_place(office),
                     tr("name an entry of kind: office", "请填写 kind: office 的条目"),
                     tr("“%s” is no office: it cannot be told to patrol",
                        "“%s”不是值守单位，不能派发巡查任务"),
                     cell->office);
}

static void read_cells(struct policy_reader *reader, struct names *ids, const struct yaml *list,
                       const struct yaml **nodes)
{
    struct policy *policy = reader->policy;
    for (size_t i = 0; i < list->count; i++) {
        struct cell_entry entry = {.cell = {.parent = -1}};
        const struct yaml *node = list->items[i];
        schema_read(&cell_schema, node, &entry, reader->findings);
        if (!entry.cell.id ||
            names_declare(ids, entry.cell.id, yaml_get(node, "id"), reader->findings) < 0)
            continue;
        entry.cell.lon = (double)entry.lon / MICRO;
        entry.cell.lat = (double)entry.lat / MICRO;
        check_office(reader, &entry.cell, node);
        nodes[policy->grid_count] = node;
        policy->grid[policy->grid_count++] = entry.cell;
    }
}

static void join_parent(struct policy_reader *reader, struct names *ids, struct grid_cell *cell,
                        const struct yaml *node)
{
    const struct yaml *parent = yaml_get(node, "parent");
    int level = cell->level ? schema_word(levels, cell->level) : -1;
    if (level < 0 || (parent && parent->kind != YAML_SCALAR))
        return;
    if (!parent) {
        if (strcmp(cell->level, "county") != 0)
            findings_add(reader->findings, SEV_ERROR, "G002", yaml_place(node), NULL,
                         tr("the %s cell “%s” has no parent: its tasks cannot be passed up",
                            "%s 级网格“%s”没有上级，任务无法逐级上报"),
                         cell->level, cell->id);
        return;
    }
    cell->parent = names_refer(ids, parent->text, parent, reader->findings);
    if (cell->parent < 0)
        return;
    const char *above = reader->policy->grid[cell->parent].level;
    if (!levels[level + 1] || (above && strcmp(above, levels[level + 1]) != 0))
        findings_add(
            reader->findings, SEV_ERROR, "G003", yaml_place(parent), NULL,
            tr("a %s cell cannot stand in the %s cell “%s”", "%s 级网格不能隶属于 %s 级网格“%s”"),
            cell->level, above ? above : "?", parent->text);
}

void grid_read(struct policy_reader *reader, const struct yaml *root)
{
    struct grid_file file = {0};
    if (!schema_read(&file_schema, root, &file, reader->findings))
        return;
    struct policy *policy = reader->policy;
    struct names ids = {.english = "grid cell", .chinese = "网格"};
    const struct yaml **nodes = arena_alloc(reader->arena, (file.cells->count + 1) * sizeof *nodes);
    policy->grid = arena_alloc(reader->arena, (file.cells->count + 1) * sizeof *policy->grid);
    read_cells(reader, &ids, file.cells, nodes);
    for (size_t i = 0; i < policy->grid_count; i++)
        join_parent(reader, &ids, &policy->grid[i], nodes[i]);
    names_tell(&ids, reader->findings);
    names_release(&ids);
}
