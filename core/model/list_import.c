/* A table against the registry: which enterprises came, went and changed.
 *
 * Rows are put together by the enterprise's id, wherever they stand.  Nothing is written here: the
 * result is the difference and the texts that would hold it, checked as a bundle before anyone may
 * write them. */
#include "model/list_import.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include <stdlib.h>
#include <string.h>

const struct sheet_cell *list_row_cell(const struct list_importer *importer,
                                       const struct sheet_row *row, int column)
{
    static const struct sheet_cell none = {.text = ""};
    int position = importer->positions[column];
    if (position < 0)
        return &none;
    if (position < row->count)
        return &row->cells[position];
    /* A row that ends early: its missing cells are empty, and stand where it ends. */
    struct sheet_cell *empty = arena_alloc(&importer->diff->arena, sizeof *empty);
    *empty = row->cells[row->count - 1];
    empty->text = "";
    return empty;
}

struct place list_place(const struct list_importer *importer, const struct sheet_cell *cell)
{
    return (struct place){importer->sheet->file, cell->line, cell->col};
}

/* Head -------------------------------------------------------------------------------------------
 */

static void unknown_head(struct list_importer *importer, const struct sheet_cell *cell)
{
    const char *heads[LIST_COLUMNS_MAX];
    size_t count = (size_t)importer->columns.count;
    for (size_t i = 0; i < count; i++)
        heads[i] = importer->columns.items[i].head;
    const char *near = str_nearest(cell->text, heads, count);
    char *all = str_join(heads, count, "、");
    char *hint = near ? xasprintf(tr("did you mean “%s”?", "是否想写“%s”？"), near)
                      : xasprintf(tr("known: %s", "可用：%s"), all);
    findings_add(importer->findings, SEV_ERROR, "I003", list_place(importer, cell), hint,
                 tr("there is no column “%s”", "没有“%s”这一列"), cell->text);
    free(all);
    free(hint);
}

static void read_head_cell(struct list_importer *importer, int position)
{
    const struct sheet_cell *cell = &importer->sheet->rows[0].cells[position];
    if (!cell->text[0])
        return;
    for (int i = 0; i < importer->columns.count; i++) {
        if (strcmp(importer->columns.items[i].head, cell->text) != 0)
            continue;
        if (importer->positions[i] >= 0)
            findings_add(importer->findings, SEV_ERROR, "I003", list_place(importer, cell), NULL,
                         tr("the column “%s” is there twice", "“%s”列重复"), cell->text);
        importer->positions[i] = position;
        return;
    }
    unknown_head(importer, cell);
}

static bool read_head(struct list_importer *importer)
{
    size_t errors = importer->findings->errors;
    for (int i = 0; i < LIST_COLUMNS_MAX; i++)
        importer->positions[i] = -1;
    for (int i = 0; importer->sheet->count > 0 && i < importer->sheet->rows[0].count; i++)
        read_head_cell(importer, i);
    if (importer->positions[0] < 0)
        findings_add(
            importer->findings, SEV_ERROR, "I004", (struct place){importer->sheet->file, 1, 1},
            tr("the first row names the columns, as `list export` writes them",
               "第一行须为列名，与 list export 的输出一致"),
            tr("the table has no column “%s”", "表中没有“%s”列"), importer->columns.items[0].head);
    return importer->findings->errors == errors;
}

/* Groups -----------------------------------------------------------------------------------------
 */

static void group_rows(struct list_importer *importer)
{
    const struct sheet *sheet = importer->sheet;
    importer->groups =
        arena_alloc(&importer->diff->arena, (sheet->count + 1) * sizeof *importer->groups);
    for (size_t i = 1; i < sheet->count; i++) {
        const struct sheet_cell *cell = list_row_cell(importer, &sheet->rows[i], 0);
        importer->groups[i] = -1;
        if (cell->text[0]) {
            importer->groups[i] = intern_add(&importer->ids.intern, cell->text);
            continue;
        }
        findings_add(importer->findings, SEV_ERROR, "I013", list_place(importer, cell),
                     tr("each row carries its enterprise's id", "每一行都要有企业编号"),
                     tr("row %d has no id", "第 %d 行没有编号"), sheet->rows[i].number);
    }
}

/* The rows of each id side by side; caller frees *ret_groups (the rows are in the arena). */
static void collect_groups(struct list_importer *importer, struct list_group **ret_groups)
{
    const struct sheet *sheet = importer->sheet;
    size_t count = importer->ids.intern.count, taken = 0;
    struct list_group *groups = xcalloc(count + 1, sizeof *groups);
    const struct sheet_row **rows =
        arena_alloc(&importer->diff->arena, (sheet->count + 1) * sizeof *rows);
    for (size_t i = 1; i < sheet->count; i++) {
        if (importer->groups[i] >= 0)
            groups[importer->groups[i]].count++;
    }
    for (size_t i = 0; i < count; i++) {
        groups[i].rows = rows + taken;
        taken += groups[i].count;
        groups[i].count = 0;
    }
    for (size_t i = 1; i < sheet->count; i++) {
        if (importer->groups[i] >= 0) {
            struct list_group *group = &groups[importer->groups[i]];
            group->rows[group->count++] = &sheet->rows[i];
        }
    }
    *ret_groups = groups;
}

/* Changes ----------------------------------------------------------------------------------------
 */

static const char *name_in_row(struct list_importer *importer, const struct list_group *group)
{
    return list_row_cell(importer, group->rows[0], 1)->text;
}

static bool find_recipient(struct list_importer *importer, const char *id, struct list_group *group)
{
    const struct registry *registry = &importer->policy->registry;
    int number = registry_find(registry, id);
    group->recipient = number >= 0 ? &registry->recipients[number] : NULL;
    if (number < 0 || group->recipient->kind == RECIPIENT_ENTERPRISE)
        return true;
    findings_add(
        importer->findings, SEV_ERROR, "I013",
        list_place(importer, list_row_cell(importer, group->rows[0], 0)), NULL,
        tr("row %d: “%s” is no enterprise in the registry", "第 %d 行：“%s”在清单中不是企业"),
        group->rows[0]->number, id);
    return false;
}

static const struct yaml *merge_new(struct list_importer *importer, const struct list_group *group,
                                    const char *id)
{
    static const char *const required[] = {"name", "district", "industry"};
    struct list_change change = {
        .kind = LIST_ADDED, .id = id, .name = name_in_row(importer, group)};
    const struct sheet_row *row = group->rows[0];
    size_t errors = importer->findings->errors;
    const struct yaml *node = list_merge(importer, group, &change);
    for (size_t i = 0; i < 3 && importer->findings->errors == errors; i++) {
        if (!yaml_get(node, required[i]))
            findings_add(
                importer->findings, SEV_ERROR, "I014",
                list_place(importer, list_row_cell(importer, row, 0)), NULL,
                tr("row %d: the new enterprise “%s” lacks %s", "第 %d 行：新企业“%s”缺少%s"),
                row->number, id,
                i == 0   ? tr("its name", "企业名称")
                : i == 1 ? tr("its district's code", "区县代码")
                         : tr("its industry", "行业"));
    }
    const char *district = yaml_text(node, "district");
    change.file = district ? list_home(importer, district) : "";
    list_diff_add(importer->diff, &change);
    return node;
}

static const struct yaml *merge_old(struct list_importer *importer, const struct list_group *group)
{
    struct list_change change = list_change_of(group->recipient, LIST_CHANGED);
    const struct yaml *node = list_merge(importer, group, &change);
    if (change.count > 0)
        list_diff_add(importer->diff, &change);
    else
        free(change.cells);
    return node;
}

/* Enterprises without a row are removed, so that a table can shorten the list; others are not in
 * it. */
static void mark_missing(struct list_importer *importer, const unsigned char *met,
                         const struct yaml **nodes)
{
    const struct registry *registry = &importer->policy->registry;
    size_t removed = 0, total = 0;
    for (size_t i = 0; i < registry->count; i++) {
        bool enterprise = registry->recipients[i].kind == RECIPIENT_ENTERPRISE;
        total += enterprise;
        removed += enterprise && !met[i];
    }
    if (!list_may_remove(importer, removed, total))
        return;
    for (size_t i = 0; i < registry->count; i++) {
        if (met[i] || registry->recipients[i].kind != RECIPIENT_ENTERPRISE)
            continue;
        struct list_change change = list_change_of(&registry->recipients[i], LIST_REMOVED);
        list_diff_add(importer->diff, &change);
        nodes[i] = NULL;
    }
}

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct list_change *)a)->id, ((const struct list_change *)b)->id);
}

/* The row an error in the new YAML comes from: that of the enterprise around the line, if the table
 * has it; else the error's own place. */
static struct place place_in_table(struct list_importer *importer, const struct bundle *result,
                                   const struct finding *finding)
{
    const struct place own = {finding->file, finding->line, finding->col};
    const struct registry *registry = result ? &result->policy.registry : NULL;
    const struct recipient *around = NULL;
    for (size_t i = 0; registry && i < registry->count; i++) {
        const struct place *at = &registry->recipients[i].at;
        bool before = str_equal(at->file, finding->file) && at->line <= finding->line;
        if (before && (!around || at->line > around->at.line))
            around = &registry->recipients[i];
    }
    int group = around ? intern_find(&importer->ids.intern, around->id) : INTERN_NONE;
    for (size_t i = 1; group != INTERN_NONE && i < importer->sheet->count; i++)
        if (importer->groups[i] == group)
            return list_place(importer, list_row_cell(importer, &importer->sheet->rows[i], 0));
    return own;
}

/* The result as a bundle: errors in it are errors of the table. */
static void check_result(struct list_importer *importer)
{
    const struct bundle *bundle = importer->bundle;
    struct list_diff *diff = importer->diff;
    size_t count = 0;
    struct bundle_text *texts = xcalloc(bundle->text_count + diff->file_count + 1, sizeof *texts);
    for (size_t i = 0; i < bundle->text_count; i++) {
        struct bundle_text text = bundle->texts[i];
        for (size_t k = 0; k < diff->file_count; k++) {
            if (strcmp(diff->files[k].name, text.name) == 0)
                text.size = 0, text.data = NULL;
        }
        if (text.data)
            texts[count++] = text;
    }
    for (size_t k = 0; k < diff->file_count; k++)
        texts[count++] = (struct bundle_text){diff->files[k].name, diff->files[k].shown,
                                              diff->files[k].data, diff->files[k].size};
    struct bundle *result = NULL;
    struct findings findings = {0};
    bundle_build(&result, texts, count, NULL, &findings);
    for (size_t i = 0; i < findings.count; i++) {
        const struct finding *finding = &findings.items[i];
        if (finding->severity == SEV_ERROR)
            findings_add(importer->findings, SEV_ERROR, finding->code,
                         place_in_table(importer, result, finding), finding->hint,
                         tr("after the import: %s", "导入后：%s"), finding->message);
    }
    findings_release(&findings);
    bundle_free(result);
    free(texts);
}

static void merge_all(struct list_importer *importer)
{
    const struct registry *registry = &importer->policy->registry;
    struct arena *arena = &importer->diff->arena;
    size_t errors = importer->findings->errors, added_count = 0;
    const struct yaml **nodes = arena_alloc(arena, (registry->count + 1) * sizeof *nodes);
    unsigned char *met = arena_alloc(arena, registry->count + 1);
    for (size_t i = 0; i < registry->count; i++)
        nodes[i] = registry->recipients[i].node;
    struct list_group *groups;
    collect_groups(importer, &groups);
    size_t count = importer->ids.intern.count;
    const struct yaml **added = arena_alloc(arena, (count + 1) * sizeof *added);
    for (size_t i = 0; i < count; i++) {
        const char *id = arena_strdup(arena, intern_name(&importer->ids.intern, (int)i));
        if (!find_recipient(importer, id, &groups[i]))
            continue;
        if (!groups[i].recipient && !list_id_is_good(importer, &groups[i], id))
            continue;
        if (!groups[i].recipient) {
            added[added_count++] = merge_new(importer, &groups[i], id);
            continue;
        }
        size_t number = (size_t)(groups[i].recipient - registry->recipients);
        met[number] = 1;
        nodes[number] = merge_old(importer, &groups[i]);
    }
    free(groups);
    if (importer->missing != LIST_MISSING_KEEP && importer->findings->errors == errors)
        mark_missing(importer, met, nodes);
    if (importer->findings->errors == errors)
        list_rewrite(importer, nodes, added, added_count);
}

/* A table with a mistake changes nothing. */
static void forget_files(struct list_diff *diff)
{
    for (size_t i = 0; i < diff->file_count; i++)
        free(diff->files[i].data);
    diff->file_count = 0;
}

int list_import(const struct bundle *bundle, const struct sheet *sheet, enum list_missing missing,
                struct list_diff *ret_diff, struct findings *findings)
{
    *ret_diff = (struct list_diff){0};
    struct list_importer importer = {.bundle = bundle,
                                     .policy = &bundle->policy,
                                     .sheet = sheet,
                                     .findings = findings,
                                     .missing = missing,
                                     .diff = ret_diff};
    size_t errors = findings->errors;
    list_columns(&ret_diff->arena, importer.policy, &importer.columns);
    for (size_t i = 0; i < importer.policy->registry.measure_count; i++)
        intern_add(&importer.measures.intern, importer.policy->registry.measures[i].id);
    if (read_head(&importer)) {
        group_rows(&importer);
        merge_all(&importer);
    }
    if (findings->errors == errors && ret_diff->file_count > 0)
        check_result(&importer);
    if (findings->errors > errors)
        forget_files(ret_diff);
    if (ret_diff->count > 0)
        qsort(ret_diff->changes, ret_diff->count, sizeof *ret_diff->changes, by_id);
    intern_release(&importer.measures.intern);
    intern_release(&importer.ids.intern);
    intern_release(&importer.districts);
    return findings->errors > errors ? ERR_INVALID : 0;
}
