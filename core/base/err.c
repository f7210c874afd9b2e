/* What went wrong, in words, and the list of what authors should look at. */
#include "base/err.h"
#include "base/lang.h"
#include "base/limits.h"
#include "base/xalloc.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *err_str(int err)
{
    switch ((enum err)err) {
    case ERR_LIMIT:
        return tr("a limit was reached", "超出上限");
    case ERR_SYNTAX:
        return tr("malformed text", "格式错误");
    case ERR_INVALID:
        return tr("not allowed here", "取值不允许");
    case ERR_NOT_FOUND:
        return tr("not found", "找不到");
    case ERR_CONFLICT:
        return tr("already recorded with other content", "已有不同内容的记录");
    case ERR_STORE:
        return tr("the store refused", "存储拒绝写入");
    case ERR_SCRIPT:
        return tr("a rule script failed", "规则脚本出错");
    case ERR_IO:
        return tr("a file could not be read or written", "文件读写失败");
    }
    return err >= 0 ? tr("no error", "正常") : tr("unknown error", "未知错误");
}

static void findings_count(struct findings *findings, enum severity severity, size_t more)
{
    if (severity == SEV_ERROR)
        findings->errors += more;
    else if (severity == SEV_WARNING)
        findings->warnings += more;
}

void findings_count_error(struct findings *findings)
{
    findings->errors++;
}

static struct finding *findings_new(struct findings *findings)
{
    void *items = findings->items;
    xgrow(&items, findings->count, &findings->capacity, sizeof *findings->items);
    findings->items = items;
    return &findings->items[findings->count++];
}

static void finding_release(struct finding *finding)
{
    free(finding->file);
    free(finding->message);
    free(finding->hint);
}

static char *format_message(const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    char *text = xmalloc(size > 0 ? (size_t)size + 1 : 1);
    text[0] = 0;
    vsnprintf(text, size > 0 ? (size_t)size + 1 : 1, format, again);
    va_end(again);
    return text;
}

static bool says_the_same(const struct finding *a, const struct finding *b)
{
    return a->line == b->line && strcmp(a->code, b->code) == 0 && strcmp(a->file, b->file) == 0 &&
           strcmp(a->message, b->message) == 0;
}

/* The last one, which has no line that would tell it from one before, goes when it is the same. */
static void drop_repeated(struct findings *findings)
{
    struct finding *last = &findings->items[findings->count - 1];
    for (const struct finding *f = findings->items; f < last; f++) {
        if (!says_the_same(f, last))
            continue;
        finding_release(last);
        findings->count--;
        return;
    }
}

void findings_add(struct findings *findings, enum severity severity, const char *code,
                  struct place place, const char *hint, const char *format, ...)
{
    findings_count(findings, severity, 1);
    if (findings->count >= FINDINGS_MAX)
        return;
    struct finding *finding = findings_new(findings);
    *finding = (struct finding){
        .file = xstrdup(place.file ? place.file : ""),
        .line = place.line,
        .col = place.col,
        .severity = severity,
        .hint = hint ? xstrdup(hint) : NULL,
    };
    snprintf(finding->code, sizeof finding->code, "%s", code);
    va_list args;
    va_start(args, format);
    finding->message = format_message(format, args);
    va_end(args);
    if (place.line == 0)
        drop_repeated(findings);
}

void findings_join(struct findings *to, struct findings *from)
{
    to->errors += from->errors;
    to->warnings += from->warnings;
    for (size_t i = 0; i < from->count; i++) {
        if (to->count < FINDINGS_MAX)
            *findings_new(to) = from->items[i];
        else
            finding_release(&from->items[i]);
    }
    free(from->items);
    *from = (struct findings){0};
}

static int finding_compare(const struct finding *a, const struct finding *b)
{
    int order = strcmp(a->file, b->file);
    if (order == 0)
        order = (a->line > b->line) - (a->line < b->line);
    if (order == 0)
        order = (a->col > b->col) - (a->col < b->col);
    return order != 0 ? order : strcmp(a->code, b->code);
}

/* Merge sort, because qsort promises no stability and equal places must keep the order of
 * discovery. */
static void merge_sort(struct finding *items, struct finding *spare, size_t count)
{
    if (count < 2)
        return;
    size_t half = count / 2, left = 0, right = half;
    merge_sort(items, spare, half);
    merge_sort(items + half, spare, count - half);
    memcpy(spare, items, count * sizeof *items);
    for (size_t i = 0; i < count; i++) {
        bool take_left =
            right >= count || (left < half && finding_compare(&spare[left], &spare[right]) <= 0);
        items[i] = spare[take_left ? left++ : right++];
    }
}

void findings_sort(struct findings *findings)
{
    struct finding *spare = xmalloc(findings->count * sizeof *spare);
    merge_sort(findings->items, spare, findings->count);
    free(spare);
}

void findings_release(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        finding_release(&findings->items[i]);
    free(findings->items);
    *findings = (struct findings){0};
}
