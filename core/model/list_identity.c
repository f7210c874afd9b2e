/* Who a row of the table is.
 *
 * An id is the identity that orders, receipts and past decisions stand on.  A spreadsheet takes
 * some ids for dates or figures, and a table with a filter on has only some of the rows; both would
 * read as enterprises that came and went.  So an id that nobody has is looked at twice, and a table
 * that would remove much says so. */
#include "base/lang.h"
#include "base/str.h"
#include "base/xalloc.h"
#include "model/list_import.h"
#include "model/registry_reader.h"
#include <stdlib.h>
#include <string.h>

/* Damage -------------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static long take_number(const char **at)
{
    char *end;
    long number = strtol(*at, &end, 10);
    *at = end;
    return number;
}

/* 1 … 12 for "Jan" or "January" at the front, with its length; 0: none. */
static int month_at(const char *text, size_t *ret_size)
{
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    for (int i = 0; i < 12; i++) {
        size_t whole = strlen(names[i]);
        if (strncmp(text, names[i], 3) != 0)
            continue;
        *ret_size = str_starts(text, names[i]) ? whole : 3;
        return i + 1;
    }
    return 0;
}

/* The figures of "2102-10-02", "2102/10/2", "Jan-02", "2-Jan", "1月2日" or "2102年10月2日", as they
 * stand; 0 when that is no date as spreadsheets write them. */
static int date_parts(const char *text, long parts[3])
{
    static const char *const marks[] = {"-", "/", "年", "月", "日"};
    int count = 0;
    bool marked = false, spelt = false;
    while (*text && count < 3) {
        size_t size = 0;
        int month = month_at(text, &size);
        if (month == 0 && !is_digit(*text))
            return 0;
        parts[count++] = month ? month : take_number(&text);
        text += month ? size : 0;
        spelt |= month > 0;
        for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
            if (!str_starts(text, marks[i]))
                continue;
            spelt |= i >= 2;
            marked = true;
            text += strlen(marks[i]);
            break;
        }
    }
    return !*text && marked && (count == 3 || (count == 2 && spelt)) ? count : 0;
}

static bool is_date(const char *text)
{
    long parts[3] = {0};
    int count = date_parts(text, parts);
    if (count != 3)
        return count == 2;
    return parts[1] >= 1 && parts[1] <= 12 && parts[2] >= 1 && parts[2] <= 31;
}

/* The runs of digits in an id: "210210-0002" has 210210 and 2. */
static int runs_of(const char *text, long runs[3])
{
    int count = 0;
    while (*text && count < 3) {
        if (is_digit(*text))
            runs[count++] = take_number(&text);
        else
            text++;
    }
    return count;
}

/* The digits alone, without zeros at the front. */
static void digits_of(char *digits, size_t size, const char *text)
{
    size_t count = 0;
    for (; *text && count + 1 < size; text++) {
        if (is_digit(*text) && (count > 0 || *text != '0'))
            digits[count++] = *text;
    }
    digits[count] = 0;
}

/* Could the spreadsheet have made `text` out of `id`? */
static bool may_come_of(const char *text, const char *id)
{
    enum { DIGITS_MAX = 64 };
    char a[DIGITS_MAX], b[DIGITS_MAX];
    long parts[3], runs[3];
    digits_of(b, sizeof b, id);
    if (list_is_scientific(text)) {
        char *mantissa = xstrndup(text, strcspn(text, "Ee"));
        digits_of(a, sizeof a, mantissa);
        free(mantissa);
        return a[0] && strncmp(a, b, strlen(a)) == 0;
    }
    digits_of(a, sizeof a, text);
    int count = date_parts(text, parts), have = runs_of(id, runs);
    if (count > 0 && count == have) {
        bool same = true, swapped = count == 2 && parts[0] == runs[1] && parts[1] == runs[0];
        for (int i = 0; i < count; i++)
            same &= parts[i] == runs[i];
        if (same || swapped)
            return true;
    }
    return strcmp(a, b) == 0;
}

/* An enterprise without a row whose id the text may have been; NULL: none, or several. */
static const struct recipient *likely_original(const struct list_importer *importer,
                                               const char *text)
{
    const struct registry *registry = &importer->policy->registry;
    const struct recipient *found = NULL;
    for (size_t i = 0; i < registry->count; i++) {
        const struct recipient *recipient = &registry->recipients[i];
        if (recipient->kind != RECIPIENT_ENTERPRISE || !may_come_of(text, recipient->id) ||
            names_find(&importer->ids, recipient->id) >= 0)
            continue;
        if (found)
            return NULL;
        found = recipient;
    }
    return found;
}

/* Where ids look like dates, a new one may. */
static bool ids_are_dates(const struct registry *registry)
{
    for (size_t i = 0; i < registry->count; i++) {
        if (registry->recipients[i].kind == RECIPIENT_ENTERPRISE &&
            is_date(registry->recipients[i].id))
            return true;
    }
    return false;
}

/* 0012 opened and saved is 12. */
static bool lost_zeros(const char *text, const struct recipient *likely)
{
    return likely && !text[strspn(text, "0123456789")] && str_ends(likely->id, text) &&
           likely->id[strspn(likely->id, "0")] == text[0];
}

/* Renames ------------------------------------------------------------------------------------- */

/* The credit code tells the enterprise; a filler only together with the name. */
static const struct recipient *same_enterprise(const struct list_importer *importer,
                                               const char *code, const char *name)
{
    const struct registry *registry = &importer->policy->registry;
    for (size_t i = 0; code[0] && i < registry->count; i++) {
        const struct recipient *recipient = &registry->recipients[i];
        if (recipient->kind == RECIPIENT_ENTERPRISE && str_equal(recipient->credit_code, code) &&
            (credit_code_check(code) != CODE_FILLER || str_equal(recipient->name, name)) &&
            names_find(&importer->ids, recipient->id) < 0)
            return recipient;
    }
    return NULL;
}

static const char *text_in(const struct list_importer *importer, const struct list_group *group,
                           enum list_field field)
{
    for (int i = 0; i < importer->columns.count; i++) {
        if (importer->columns.items[i].field == field)
            return list_row_cell(importer, group->rows[0], i)->text;
    }
    return "";
}

static void refuse_damaged(struct list_importer *importer, const struct list_group *group,
                           const char *id, const struct recipient *likely)
{
    char *hint =
        likely ? xasprintf(tr("it was most likely %s; format the column as text before editing",
                              "原值很可能是 %s；编辑前请把该列设为文本格式"),
                           likely->id)
               : xstrdup(tr("format the column as text and enter the id again",
                            "请把该列设为文本格式后重新录入"));
    findings_add(
        importer->findings, SEV_ERROR, "I008",
        list_place(importer, list_row_cell(importer, group->rows[0], 0)), hint,
        tr("row %d: a spreadsheet has damaged the id “%s”", "第 %d 行：编号“%s”已被电子表格改坏"),
        group->rows[0]->number, id);
    free(hint);
}

bool list_id_is_good(struct list_importer *importer, const struct list_group *group, const char *id)
{
    const struct recipient *before = same_enterprise(
        importer, text_in(importer, group, LIST_CREDIT_CODE), text_in(importer, group, LIST_NAME));
    const struct recipient *likely = before ? before : likely_original(importer, id);
    bool dated = is_date(id) && !ids_are_dates(&importer->policy->registry);
    if (dated || list_is_scientific(id) || lost_zeros(id, likely)) {
        refuse_damaged(importer, group, id, likely);
        return false;
    }
    if (!before || importer->missing == LIST_MISSING_REMOVE)
        return true;
    findings_add(
        importer->findings, SEV_ERROR, "I018",
        list_place(importer, list_row_cell(importer, group->rows[0], 0)),
        tr("put the old id back; or --remove, when the old one is to go and a new one to come",
           "请恢复原编号；确要删除原企业并新增，请加 --remove"),
        tr("row %d: was “%s” renamed “%s”? Both have the credit code %s",
           "第 %d 行：“%s”是否改成了“%s”？两者的统一社会信用代码同为 %s"),
        group->rows[0]->number, before->id, id, before->credit_code);
    return false;
}

/* Removals ------------------------------------------------------------------------------------ */

bool list_may_remove(struct list_importer *importer, size_t removed, size_t total)
{
    enum { FEW = 2 }; /* a short list loses one or two without ado, but not all */
    bool much = removed == total || (removed > FEW && removed * 3 > total);
    if (importer->missing == LIST_MISSING_REMOVE || removed == 0 || !much)
        return true;
    findings_add(
        importer->findings, SEV_ERROR, "I019", (struct place){.file = importer->sheet->file},
        tr("--keep-missing keeps them; --remove, when all of them are to go; was a filter on?",
           "保留请加 --keep-missing；确要全部删除请加 --remove；导出时是否开着筛选？"),
        tr("%zu of %zu enterprises have no row: the import would remove them",
           "%2$zu 家企业中有 %1$zu 家在表中没有行：导入将删除这些企业"),
        removed, total);
    return false;
}
