/* One cell of the table as a YAML value.
 *
 * Spreadsheets damage codes: 18 digits become 9.12E+17, or their last three become 000.  Such a
 * cell is refused by name, with what most likely stood there, and never taken for a change. */
#include "base/buf.h"
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/list_import.h"
#include "model/registry_reader.h"
#include "model/yaml_edit.h"
#include <stdlib.h>
#include <string.h>

struct list_checker {
    struct list_importer *importer;
    const struct sheet_row *row;
    const struct sheet_cell *cell;
    int column;
    bool good;
};

static void refuse(struct list_checker *checker, const char *code, const char *hint,
                   const char *problem)
{
    struct list_importer *importer = checker->importer;
    checker->good = false;
    findings_add(importer->findings, SEV_ERROR, code, list_place(importer, checker->cell), hint,
                 tr("%s %s, “%s”: %s", "%s %s“%s”：%s"),
                 sheet_reference(&importer->diff->arena, checker->row->number,
                                 importer->positions[checker->column] + 1),
                 importer->columns.items[checker->column].head, checker->cell->text, problem);
}

/* Numbers ----------------------------------------------------------------------------------------
 */

/* 1E-05 and 0.50 are figures as spreadsheets write them; our files hold plain decimals. */
static const struct yaml *figure(struct list_checker *checker, const char *text)
{
    micro value;
    char *half = str_halfwidth(text);
    int err = micro_parse(half, &value);
    bool plain = !half[strspn(half, "0123456789.")];
    const struct yaml *node = NULL;
    if (err < 0 || value < 0) {
        refuse(checker, "I006",
               tr("t/d, a plain number such as 0.05", "单位 t/d，写普通数字，例如 0.05"),
               tr("this is not a figure from 0 up", "不是非负数字"));
    } else if (plain) {
        node = edit_text(&checker->importer->diff->arena, half);
    } else {
        struct buf buf = {0};
        micro_print(&buf, value);
        node = edit_text(&checker->importer->diff->arena, buf_str(&buf));
        buf_release(&buf);
    }
    free(half);
    return node;
}

/* Codes ------------------------------------------------------------------------------------------
 */

bool list_is_scientific(const char *text)
{
    size_t mantissa = strspn(text, "0123456789.");
    return mantissa > 0 && (text[mantissa] == 'E' || text[mantissa] == 'e') &&
           (text[mantissa + 1] == '+' || (text[mantissa + 1] >= '0' && text[mantissa + 1] <= '9'));
}

/* Fifteen digits are all a spreadsheet keeps; the rest become zeros. */
static bool lost_its_end(const char *text, const char *likely)
{
    size_t size = strlen(text);
    if (size <= 15 || text[strspn(text, "0123456789")] || text[15 + strspn(text + 15, "0")])
        return false;
    if (likely)
        return strcmp(text, likely) != 0 && strncmp(text, likely, 15) == 0;
    return credit_code_check(text) != CODE_GOOD;
}

static bool is_damaged(struct list_checker *checker, const char *text, const char *likely)
{
    if (!list_is_scientific(text) && !lost_its_end(text, likely))
        return false;
    char *hint =
        likely && likely[0]
            ? xasprintf(tr("it was most likely %s; format the column as text before editing",
                           "原值很可能是 %s；编辑前请把该列设为文本格式"),
                        likely)
            : xstrdup(tr("format the column as text and enter the code again",
                         "请把该列设为文本格式后重新录入"));
    refuse(checker, "I008", hint,
           tr("a spreadsheet has damaged this code", "该代码已被电子表格改坏"));
    free(hint);
    return true;
}

static const struct yaml *credit_code(struct list_checker *checker, const char *text,
                                      const char *likely)
{
    if (is_damaged(checker, text, likely))
        return NULL;
    switch (credit_code_check(text)) {
    case CODE_GOOD:
    case CODE_FILLER:
        break;
    case CODE_LENGTH:
        refuse(checker, "I009", tr("18 characters", "应为 18 位"),
               tr("the credit code has the wrong length", "统一社会信用代码长度不对"));
        return NULL;
    case CODE_CHARACTER:
        refuse(checker, "I009",
               tr("digits and capitals without I, O, S, V, Z",
                  "只含数字和除 I、O、S、V、Z 外的大写字母"),
               tr("a character that no credit code has", "含有信用代码不允许的字符"));
        return NULL;
    case CODE_CHECK:
        refuse(checker, "I009", tr("compare it with the business licence", "请与营业执照核对"),
               tr("the credit code fails its check character", "统一社会信用代码的校验码不符"));
        return NULL;
    }
    bool digits = !text[strspn(text, "0123456789")];
    struct arena *arena = &checker->importer->diff->arena;
    return digits ? edit_quoted(arena, text) : edit_text(arena, text);
}

static const struct yaml *district(struct list_checker *checker, const char *text,
                                   const char *likely)
{
    const struct yaml *districts = yaml_get(checker->importer->policy->root, "districts");
    bool known = !districts;
    if (is_damaged(checker, text, likely))
        return NULL;
    for (size_t i = 0; districts && i < districts->count; i++)
        known |= str_equal(yaml_text(districts->items[i], "code"), text);
    if (!known)
        refuse(checker, "I007", tr("see “districts” in policy.yaml", "见 policy.yaml 的 districts"),
               tr("there is no such district", "没有这个区县"));
    return known ? edit_quoted(&checker->importer->diff->arena, text) : NULL;
}

/* Words ------------------------------------------------------------------------------------------
 */

static const struct yaml *word(struct list_checker *checker, enum list_field field,
                               const char *text)
{
    const char *read = list_word_read(field, text);
    if (read)
        return edit_text(&checker->importer->diff->arena, read);
    refuse(checker, "I007",
           field == LIST_GRADE   ? "A+ A B B- C D 引领性 非引领性"
           : field == LIST_CLASS ? "一般 保障类 小微涉气 长期停产"
                                 : "SO2 NOx 颗粒物 VOCs",
           tr("not one of the words of this column", "不是该列允许的词"));
    return NULL;
}

static const struct yaml *industry(struct list_checker *checker, const char *text)
{
    const char *read = list_industry_read(checker->importer->policy, text);
    if (!read)
        refuse(checker, "I007",
               tr("see “industries” in policy.yaml", "见 policy.yaml 的 industries"),
               tr("there is no such industry", "没有这个行业"));
    return read ? edit_text(&checker->importer->diff->arena, read) : NULL;
}

static const struct yaml *park(struct list_checker *checker, const char *text)
{
    const struct yaml *parks = yaml_get(checker->importer->policy->root, "parks");
    bool known = !parks;
    for (size_t i = 0; parks && i < parks->count; i++)
        known |= str_equal(parks->items[i]->text, text);
    if (!known)
        refuse(checker, "I007", tr("see “parks” in policy.yaml", "见 policy.yaml 的 parks"),
               tr("there is no such park", "没有这个园区"));
    return known ? edit_text(&checker->importer->diff->arena, text) : NULL;
}

/* "颗粒物、VOCs" → [pm, vocs]. */
static const struct yaml *emits(struct list_checker *checker, const char *text)
{
    const struct yaml *items[EMISSIONS * 4];
    size_t count = 0;
    char *half = str_halfwidth(text);
    for (char *at = half; *at && checker->good && count < sizeof items / sizeof *items;) {
        size_t size = strcspn(at, ", ;/");
        char next = at[size];
        at[size] = 0;
        if (size > 0)
            items[count++] = word(checker, LIST_EMITS, at);
        at += size + (next != 0);
    }
    free(half);
    return checker->good ? edit_list(&checker->importer->diff->arena, items, count) : NULL;
}

/* "60%：保供热" was a map; anything else is text that holds its percent. */
static const struct yaml *safe_minimum(struct list_checker *checker, const char *text)
{
    struct arena *arena = &checker->importer->diff->arena;
    size_t digits = strspn(text, "0123456789");
    const char *rest =
        digits > 0 && str_starts(text + digits, "%：") ? text + digits + strlen("%：") : NULL;
    if (!rest) {
        if (!strchr(text, '%') && !strstr(text, "％"))
            refuse(checker, "I006", tr("e.g. 保温不低于20%", "例如 保温不低于20%"),
                   tr("the safety minimum names no percent", "安全底线没有写明百分比"));
        return edit_text(arena, text);
    }
    const struct yaml *percent = edit_text(arena, arena_strndup(arena, text, digits));
    const struct yaml *map = edit_set(arena, NULL, "percent", percent, NULL);
    return edit_set(arena, map, "text", edit_text(arena, rest), NULL);
}

static const struct yaml *codes(struct list_checker *checker, const char *text)
{
    struct list_importer *importer = checker->importer;
    const char *problem = NULL;
    const struct yaml *duties = list_codes_read(&importer->diff->arena, text, &problem);
    if (!duties) {
        refuse(checker, "I011",
               tr("e.g. stop L1 L2; limit L3 percent=20 basis=…",
                  "例如 stop L1 L2; limit L3 percent=20 basis=…"),
               problem);
        return NULL;
    }
    for (size_t i = 0; i < duties->count; i++) {
        const char *measure = yaml_text(duties->items[i], "do");
        if (registry_measure(&importer->policy->registry, measure))
            continue;
        const char *near =
            str_nearest(measure, (const char *const *)importer->measures.intern.names,
                        importer->measures.intern.count);
        char *hint = near ? xasprintf(tr("did you mean “%s”?", "是否想写“%s”？"), near) : NULL;
        char *words = xasprintf(tr("there is no measure “%s”", "没有措施“%s”"), measure);
        refuse(checker, "I011", hint, words);
        free(words);
        free(hint);
    }
    return checker->good ? duties : NULL;
}

/* Cells ------------------------------------------------------------------------------------------
 */

static const struct yaml *value(struct list_checker *checker, const char *text, const char *likely)
{
    struct arena *arena = &checker->importer->diff->arena;
    switch (checker->importer->columns.items[checker->column].field) {
    case LIST_DAY:
    case LIST_LINE_DAY:
        return figure(checker, text);
    case LIST_CREDIT_CODE:
        return credit_code(checker, text, likely);
    case LIST_DISTRICT:
        return district(checker, text, likely);
    case LIST_INDUSTRY:
        return industry(checker, text);
    case LIST_PARK:
        return park(checker, text);
    case LIST_GRADE:
        return word(checker, LIST_GRADE, text);
    case LIST_CLASS:
        return word(checker, LIST_CLASS, text);
    case LIST_EMITS:
        return emits(checker, text);
    case LIST_LINE_SAFE:
        return safe_minimum(checker, text);
    case LIST_CODES:
        return codes(checker, text);
    case LIST_ID:
    case LIST_PHONE:
        return is_damaged(checker, text, likely) ? NULL : edit_quoted(arena, text);
    default:
        return edit_text(arena, text);
    }
}

const struct yaml *list_value(struct list_importer *importer, int column,
                              const struct sheet_row *row, const struct sheet_cell *cell,
                              const char *likely, bool *ret_good)
{
    struct list_checker checker = {importer, row, cell, column, true};
    size_t blanks = strspn(cell->text, " \t");
    size_t size = strlen(cell->text);
    while (size > blanks && strchr(" \t\r\n", cell->text[size - 1]))
        size--;
    *ret_good = true;
    if (size == blanks)
        return NULL;
    const char *text = arena_strndup(&importer->diff->arena, cell->text + blanks, size - blanks);
    const struct yaml *read = value(&checker, text, likely);
    *ret_good = checker.good;
    return checker.good ? read : NULL;
}

/* Sameness ---------------------------------------------------------------------------------------
 */

static bool same_figure(const char *old, const char *new)
{
    micro a, b;
    return micro_parse(old, &a) == 0 && micro_parse(new, &b) == 0 && a == b;
}

static bool same_codes(const char *old, const char *new)
{
    struct arena arena = {0};
    struct buf a = {0}, b = {0};
    const char *problem;
    const struct yaml *old_codes = list_codes_read(&arena, old, &problem);
    const struct yaml *new_codes = list_codes_read(&arena, new, &problem);
    list_codes_print(&a, old_codes);
    list_codes_print(&b, new_codes);
    bool same = old_codes && new_codes && strcmp(buf_str(&a), buf_str(&b)) == 0;
    buf_release(&a);
    buf_release(&b);
    arena_release(&arena);
    return same;
}

bool list_same(const struct list_column *column, const char *old, const char *new)
{
    if (strcmp(old, new) == 0)
        return true;
    size_t blanks = strspn(new, " \t"), size = strlen(new);
    while (size > blanks && strchr(" \t\r\n", new[size - 1]))
        size--;
    if (strlen(old) == size - blanks && strncmp(old, new + blanks, size - blanks) == 0)
        return true;
    if (column->field == LIST_DAY || column->field == LIST_LINE_DAY)
        return same_figure(old, new);
    if (column->field == LIST_GRADE || column->field == LIST_CLASS)
        return list_word_read(column->field, new) &&
               str_equal(list_word_read(column->field, old), list_word_read(column->field, new));
    return column->field == LIST_CODES && same_codes(old, new);
}
