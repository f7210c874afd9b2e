/* The rows of one enterprise, laid over what the registry has of it.
 *
 * Every column of the table is compared with the cell that an export would give now; only what
 * differs is changed in the node, so what the table cannot show (outlets, proofs, notes) stays. */
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/list_import.h"
#include "model/yaml_edit.h"
#include <stdlib.h>
#include <string.h>

static const char *const entry_order[] = {
    "kind",  "id",    "name",  "credit_code", "district", "town",    "address",  "industry", "park",
    "emits", "grade", "class", "day",         "lines",    "outlets", "measures", "contacts", NULL};
static const char *const line_order[] = {"id", "name", "day", "safe_minimum", "proof", NULL};
static const char *const day_order[] = {"so2", "nox", "pm", "vocs", NULL};
static const char *const contact_order[] = {"name", "phone", "webhook", "email", NULL};

struct merge {
    struct list_importer *importer;
    const struct list_group *group;
    struct list_change *change;
    const struct yaml *node; /* so far */
};

/* Recording --------------------------------------------------------------------------------------
 */

static void record(struct merge *merge, const struct sheet_row *row, int column, const char *part,
                   const char *old, const char *new)
{
    struct list_importer *importer = merge->importer;
    struct list_change *change = merge->change;
    const struct sheet_cell *cell = row ? list_row_cell(importer, row, column) : NULL;
    void *cells = change->cells;
    xgrow(&cells, change->count, &change->capacity, sizeof *change->cells);
    change->cells = cells;
    change->cells[change->count++] = (struct list_cell_change){
        .line = cell ? cell->line : 0,
        .col = cell ? cell->col : 0,
        .reference = row ? sheet_reference(&importer->diff->arena, row->number,
                                           importer->positions[column] + 1)
                         : "",
        .head = importer->columns.items[column].head,
        .part = part,
        .old = old,
        .new = new,
    };
}

static const char *old_cell(const struct merge *merge, int column, int line)
{
    if (!merge->group->recipient)
        return "";
    return list_cell(&merge->importer->diff->arena, merge->importer->policy,
                     &merge->importer->columns.items[column], merge->group->recipient, line);
}

static void disagree(struct merge *merge, int column, const struct sheet_row *first,
                     const struct sheet_row *row)
{
    struct list_importer *importer = merge->importer;
    const struct sheet_cell *one = list_row_cell(importer, first, column);
    const struct sheet_cell *other = list_row_cell(importer, row, column);
    char *hint = xasprintf(tr("row %d says “%s”; all rows of an enterprise must agree",
                              "第 %d 行为“%s”；同一企业各行必须一致"),
                           first->number, one->text);
    findings_add(
        importer->findings, SEV_ERROR, "I005", list_place(importer, other), hint,
        tr("%s %s: “%s” contradicts another row of %s", "%s %s：“%s”与 %s 的另一行不一致"),
        sheet_reference(&importer->diff->arena, row->number, importer->positions[column] + 1),
        importer->columns.items[column].head, other->text, merge->change->id);
    free(hint);
}

/* The row that speaks for a column: the first, or for sums and measures the first that is not
 * empty.  NULL after a contradiction. */
static const struct sheet_row *speaker(struct merge *merge, int column)
{
    const struct list_group *group = merge->group;
    bool each = merge->importer->columns.items[column].place == LIST_EACH_ROW;
    const struct sheet_row *speaks = group->rows[0];
    for (size_t i = 1; i < group->count; i++) {
        const char *said = list_row_cell(merge->importer, speaks, column)->text;
        const char *text = list_row_cell(merge->importer, group->rows[i], column)->text;
        if (!each && !text[0])
            continue;
        if (!each && !said[0]) {
            speaks = group->rows[i];
        } else if (!list_same(&merge->importer->columns.items[column], said, text)) {
            disagree(merge, column, speaks, group->rows[i]);
            return NULL;
        }
    }
    return speaks;
}

/* Enterprise -------------------------------------------------------------------------------------
 */

static const struct yaml *with_contact(struct merge *merge, const char *key,
                                       const struct yaml *value)
{
    struct arena *arena = &merge->importer->diff->arena;
    const struct yaml *contacts = yaml_get(merge->node, "contacts");
    size_t count = contacts ? contacts->count : 0;
    const struct yaml **items = arena_alloc(arena, (count + 1) * sizeof *items);
    for (size_t i = 0; i < count; i++)
        items[i] = contacts->items[i];
    const struct yaml *first =
        edit_set(arena, count > 0 ? items[0] : NULL, key, value, contact_order);
    items[0] = first;
    if (first->count > 0)
        return edit_list(arena, items, count > 0 ? count : 1);
    return count > 1 ? edit_list(arena, items + 1, count - 1) : NULL;
}

static void put(struct merge *merge, const char *key, const struct yaml *value)
{
    merge->node = edit_set(&merge->importer->diff->arena, merge->node, key, value, entry_order);
}

static void put_level(struct merge *merge, int level, const struct yaml *duties)
{
    const struct policy *policy = merge->importer->policy;
    const char *order[16] = {0};
    for (size_t i = 0; i < policy->level_count && i < 15; i++)
        order[i] = policy->levels[i].name;
    const struct yaml *measures =
        edit_set(&merge->importer->diff->arena, yaml_get(merge->node, "measures"),
                 policy->levels[level].name, duties, order);
    put(merge, "measures", measures->count > 0 ? measures : NULL);
}

static void apply(struct merge *merge, const struct list_column *column, const struct yaml *value)
{
    static const char *const keys[] = {
        [LIST_ID] = "id",
        [LIST_NAME] = "name",
        [LIST_CREDIT_CODE] = "credit_code",
        [LIST_DISTRICT] = "district",
        [LIST_INDUSTRY] = "industry",
        [LIST_PARK] = "park",
        [LIST_EMITS] = "emits",
        [LIST_GRADE] = "grade",
        [LIST_CLASS] = "class",
    };
    struct arena *arena = &merge->importer->diff->arena;
    switch (column->field) {
    case LIST_DAY: {
        const struct yaml *day =
            edit_set(arena, yaml_get(merge->node, "day"),
                     emission_key((enum emission)column->index), value, day_order);
        put(merge, "day", day->count > 0 ? day : NULL);
        break;
    }
    case LIST_CODES:
        put_level(merge, column->index, value);
        break;
    case LIST_CONTACT:
        put(merge, "contacts", with_contact(merge, "name", value));
        break;
    case LIST_PHONE:
        put(merge, "contacts", with_contact(merge, "phone", value));
        break;
    default:
        put(merge, keys[column->field], value);
        break;
    }
}

static void merge_column(struct merge *merge, int number)
{
    struct list_importer *importer = merge->importer;
    const struct list_column *column = &importer->columns.items[number];
    const struct sheet_row *row = speaker(merge, number);
    if (!row)
        return;
    const struct sheet_cell *cell = list_row_cell(importer, row, number);
    const char *old = old_cell(merge, number, 0);
    if (list_same(column, old, cell->text))
        return;
    bool good;
    const struct yaml *value = list_value(importer, number, row, cell, old, &good);
    if (!good)
        return;
    record(merge, row, number, NULL, old, cell->text);
    apply(merge, column, value);
}

/* An edit of what is computed is not taken, and that is said.  No error: after codes were changed
 * and imported, the same table still holds the words of before. */
static void check_computed(struct merge *merge, int number)
{
    struct list_importer *importer = merge->importer;
    const struct list_column *column = &importer->columns.items[number];
    const char *old = old_cell(merge, number, 0);
    for (size_t i = 0; i < merge->group->count && merge->group->recipient; i++) {
        const struct sheet_row *row = merge->group->rows[i];
        const struct sheet_cell *cell = list_row_cell(importer, row, number);
        if (!cell->text[0] || list_same(column, old, cell->text))
            continue;
        findings_add(
            importer->findings, SEV_WARNING, "I010", list_place(importer, cell),
            column->field == LIST_WORDS
                ? tr("edit the column of codes beside it", "请修改旁边的“措施代码”列")
                : tr("edit the column of district codes", "请修改“区县代码”列"),
            tr("%s %s is computed: this text is not taken", "%s %s为自动生成：此处文字未采用"),
            sheet_reference(&importer->diff->arena, row->number, importer->positions[number] + 1),
            column->head);
        return;
    }
}

/* Lines ------------------------------------------------------------------------------------------
 */

static const struct yaml *merge_line(struct merge *merge, const struct yaml *node, int position,
                                     const struct sheet_row *row, const char *id)
{
    struct list_importer *importer = merge->importer;
    struct arena *arena = &importer->diff->arena;
    for (int i = 0; i < importer->columns.count; i++) {
        const struct list_column *column = &importer->columns.items[i];
        if (column->place != LIST_LINE_ROW || importer->positions[i] < 0)
            continue;
        const struct sheet_cell *cell = list_row_cell(importer, row, i);
        const char *old = position >= 0 ? old_cell(merge, i, position) : "";
        bool good;
        if (list_same(column, old, cell->text))
            continue;
        const struct yaml *value = list_value(importer, i, row, cell, old, &good);
        if (!good)
            continue;
        record(merge, row, i, id, old, cell->text);
        if (column->field == LIST_LINE_ID)
            node = edit_set(arena, node, "id", value, line_order);
        else if (column->field == LIST_LINE_NAME)
            node = edit_set(arena, node, "name", value, line_order);
        else if (column->field == LIST_LINE_SAFE)
            node = edit_set(arena, node, "safe_minimum", value, line_order);
        else
            node = edit_set(arena, node, "day",
                            edit_set(arena, yaml_get(node, "day"),
                                     emission_key((enum emission)column->index), value, day_order),
                            line_order);
    }
    return node;
}

static int column_of(const struct list_importer *importer, enum list_field field)
{
    for (int i = 0; i < importer->columns.count; i++) {
        if (importer->columns.items[i].field == field)
            return i;
    }
    return -1;
}

/* The row of a line, each used once; NULL: none. */
static const struct sheet_row *row_of_line(const struct merge *merge, int id_column, const char *id)
{
    for (size_t i = 0; i < merge->group->count; i++) {
        if (strcmp(list_row_cell(merge->importer, merge->group->rows[i], id_column)->text, id) == 0)
            return merge->group->rows[i];
    }
    return NULL;
}

static int old_line(const struct merge *merge, const char *id)
{
    const struct recipient *recipient = merge->group->recipient;
    for (int i = 0; recipient && i < recipient->line_count; i++) {
        if (strcmp(recipient->lines[i].id, id) == 0)
            return i;
    }
    return -1;
}

static bool rows_are_lines(struct merge *merge, int id_column)
{
    const struct list_group *group = merge->group;
    for (size_t i = 0; i < group->count; i++) {
        const struct sheet_cell *cell = list_row_cell(merge->importer, group->rows[i], id_column);
        bool repeated =
            cell->text[0] && row_of_line(merge, id_column, cell->text) != group->rows[i];
        if (!repeated && (cell->text[0] || group->count == 1))
            continue;
        findings_add(
            merge->importer->findings, SEV_ERROR, "I012", list_place(merge->importer, cell),
            tr("one row for each line, with the line's id", "每条生产线一行，并写明编号"),
            repeated ? tr("row %d repeats line “%s” of %s", "第 %d 行重复了生产线“%s”（%s）")
                     : tr("row %d names no line%s, but %s has several rows",
                          "第 %d 行没有生产线编号%s，而 %s 有多行"),
            group->rows[i]->number, cell->text, merge->change->id);
        return false;
    }
    return true;
}

static void merge_lines(struct merge *merge)
{
    struct list_importer *importer = merge->importer;
    struct arena *arena = &importer->diff->arena;
    const struct recipient *recipient = merge->group->recipient;
    int id_column = column_of(importer, LIST_LINE_ID);
    if (importer->positions[id_column] < 0 || !rows_are_lines(merge, id_column))
        return;
    size_t old_count = recipient ? (size_t)recipient->line_count : 0, count = 0;
    const struct yaml **items =
        arena_alloc(arena, (old_count + merge->group->count) * sizeof *items);
    size_t before = merge->change->count;
    for (size_t i = 0; i < old_count; i++) {
        const struct line *line = &recipient->lines[i];
        const struct sheet_row *row = row_of_line(merge, id_column, line->id);
        if (row)
            items[count++] = merge_line(merge, line->node, (int)i, row, line->id);
        else
            record(merge, NULL, id_column, line->id, line->id, "");
    }
    for (size_t i = 0; i < merge->group->count; i++) {
        const struct sheet_row *row = merge->group->rows[i];
        const char *id = list_row_cell(importer, row, id_column)->text;
        if (id[0] && old_line(merge, id) < 0)
            items[count++] = merge_line(merge, NULL, -1, row, id);
    }
    if (merge->change->count > before)
        put(merge, "lines", count > 0 ? edit_list(arena, items, count) : NULL);
}

/* A telephone that belongs to nobody cannot be kept. */
static void check_contact(struct merge *merge)
{
    struct list_importer *importer = merge->importer;
    const struct yaml *contacts = yaml_get(merge->node, "contacts");
    int column = column_of(importer, LIST_PHONE);
    if (!contacts || contacts->count == 0 || yaml_get(contacts->items[0], "name") ||
        importer->positions[column] < 0)
        return;
    const struct sheet_row *row = merge->group->rows[0];
    findings_add(
        importer->findings, SEV_ERROR, "I014",
        list_place(importer, list_row_cell(importer, row, column)),
        tr("fill in 联系人 beside it", "请填写旁边的“联系人”"),
        tr("row %d: the telephone of “%s” has no name", "第 %d 行：“%s”的联系电话没有联系人"),
        row->number, merge->change->id);
}

/* Sums -------------------------------------------------------------------------------------------
 */

static micro emission_in(const struct yaml *owner, enum emission emission)
{
    const char *text = yaml_text(yaml_get(owner, "day"), emission_key(emission));
    micro value;
    return text && micro_parse(text, &value) == 0 ? value : 0;
}

static void check_sum(struct merge *merge, int number)
{
    struct list_importer *importer = merge->importer;
    const struct list_column *column = &importer->columns.items[number];
    enum emission emission = (enum emission)column->index;
    const struct yaml *lines = yaml_get(merge->node, "lines");
    micro sum = 0, day = emission_in(merge->node, emission);
    for (size_t i = 0; lines && i < lines->count; i++)
        sum += emission_in(lines->items[i], emission);
    if (!lines || lines->count == 0 || sum == day)
        return;
    struct buf text = {0};
    micro_print(&text, sum);
    const struct sheet_row *row = merge->group->rows[0];
    findings_add(
        importer->findings, SEV_ERROR, "I016",
        list_place(importer, list_row_cell(importer, row, number)),
        tr("write the sum here, or correct a line", "请在此填写合计，或改正某条生产线"),
        tr("%s %s: the lines of %s add up to %s", "%s %s：%s 各生产线合计为 %s"),
        sheet_reference(&importer->diff->arena, row->number, importer->positions[number] + 1),
        column->head, merge->change->id, buf_str(&text));
    buf_release(&text);
}

const struct yaml *list_merge(struct list_importer *importer, const struct list_group *group,
                              struct list_change *change)
{
    struct merge merge = {importer, group, change,
                          group->recipient ? group->recipient->node : NULL};
    size_t errors = importer->findings->errors;
    for (int i = 0; i < importer->columns.count; i++) {
        enum list_place place = importer->columns.items[i].place;
        if (importer->positions[i] < 0 || place == LIST_LINE_ROW)
            continue;
        if (place == LIST_COMPUTED)
            check_computed(&merge, i);
        else
            merge_column(&merge, i);
    }
    merge_lines(&merge);
    if (change->count > 0)
        check_contact(&merge);
    bool changed = change->count > 0 && importer->findings->errors == errors;
    for (int i = 0; i < importer->columns.count && changed; i++) {
        if (importer->columns.items[i].field == LIST_DAY && importer->positions[i] >= 0)
            check_sum(&merge, i);
    }
    return merge.node;
}
